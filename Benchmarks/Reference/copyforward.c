// The least a gateway over two TAP devices can cost: frames are read, get the addresses without which they would not
// arrive, and are written, and nothing else happens: no table, no port, no lifetime, no check. The worker of the real
// gateway is measured against it over devices of the same kind (Tools/bench).
//
//   copyforward --inside NETNS:DEVICE --outside NETNS:DEVICE --seconds N
//
// It makes both devices in the namespaces named, prints `ready`, forwards until SIGTERM or for N seconds (at most 600),
// and prints what it forwarded as one line of JSON. The hosts use the addresses and the hardware addresses below and
// know the gateway's from permanent neighbour entries, since nothing here answers ARP.
//
// One io_uring, with 32 fixed reads outstanding a device; a frame read becomes a fixed write to the other device, and
// the buffer becomes a read again when the write is done.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

// Debian 12's headers are older than the kernels that segment UDP.
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

enum {
  inside = 0,
  outside = 1,
  depth = 32,
  buffers = 2 * depth,
  virtio_header = 10,
  // The largest super-frame, its Ethernet and virtio headers, rounded up to whole pages.
  buffer_size = 69632,
  longest_run = 600,
};

// The one inside host, as itself and as the outside sees it.
static const char *const inside_local = "10.10.10.10";
static const char *const inside_global = "203.0.113.100";

// The hardware address of each side's host, and the gateway's own on that side.
static const uint8_t host_link[2][6] = {{2, 0, 0, 0, 0, 2}, {2, 0, 0, 0, 1, 2}};
static const uint8_t gateway_link[2][6] = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 1, 1}};

static uint32_t local_address, global_address;
static uint8_t *memory;
static struct {
  uint64_t frames[2];
  uint64_t ignored, failed;
} count;
static volatile sig_atomic_t ending;

static void end(int signal) {
  (void)signal;
  ending = 1;
}

static void fail(const char *what, int code) {
  fprintf(stderr, "copyforward: %s: %s\n", what, strerror(code));
  exit(1);
}

// Opens the device written NETNS:DEVICE, from within its namespace.
static int open_device(const char *where) {
  char path[64];
  const char *device = strchr(where, ':');
  if (device == NULL || (size_t)(device - where) > 40 || strlen(device + 1) >= IFNAMSIZ) {
    fprintf(stderr, "copyforward: expected NETNS:DEVICE, found %s\n", where);
    exit(2);
  }
  snprintf(path, sizeof path, "/run/netns/%.*s", (int)(device - where), where);
  int namespace = open(path, O_RDONLY | O_CLOEXEC);
  if (namespace < 0 || setns(namespace, CLONE_NEWNET) != 0) fail(path, errno);
  close(namespace);

  int file = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) fail("/dev/net/tun", errno);
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
  strcpy(request.ifr_name, device + 1);
  if (ioctl(file, TUNSETIFF, &request) != 0) fail("TUNSETIFF", errno);
  int size = virtio_header;
  if (ioctl(file, TUNSETVNETHDRSZ, &size) != 0) fail("TUNSETVNETHDRSZ", errno);
  unsigned offload = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
  if (ioctl(file, TUNSETOFFLOAD, offload | TUN_F_USO4 | TUN_F_USO6) != 0 && ioctl(file, TUNSETOFFLOAD, offload) != 0)
    fail("TUNSETOFFLOAD", errno);
  return file;
}

// The difference between two addresses in an Internet checksum's sum.
static uint32_t address_delta(uint32_t old, uint32_t new) {
  old = ~old;
  return (old & 0xffff) + (old >> 16) + (new & 0xffff) + (new >> 16);
}

// Adds `delta` to a checksum, or, when the sender left it to the device, to the sum so far.
static void adjust(uint8_t *at, uint32_t delta, int partial) {
  uint16_t sum;
  memcpy(&sum, at, sizeof sum);
  uint32_t wide = (partial ? sum : (uint16_t)~sum) + delta;
  wide = (wide & 0xffff) + (wide >> 16);
  wide = (wide & 0xffff) + (wide >> 16);
  sum = partial ? (uint16_t)wide : (uint16_t)~wide;
  memcpy(at, &sum, sizeof sum);
}

// Addresses a frame that came in on `side` for the other one; answers whether it is to be forwarded.
static int readdress(uint8_t *buffer, int length, int side) {
  const struct virtio_net_hdr *offload = (const struct virtio_net_hdr *)buffer;
  uint8_t *frame = buffer + virtio_header, *ip = frame + 14;
  if (length < virtio_header + 42 || frame[12] != 8 || frame[13] != 0 || ip[0] != 0x45) return 0;
  int protocol = ip[9];
  if (protocol != 6 && protocol != 17) return 0;
  // Outbound the source is replaced, inbound the destination.
  uint8_t *address = ip + (side == inside ? 12 : 16);
  uint32_t old = side == inside ? local_address : global_address, found;
  uint32_t new = side == inside ? global_address : local_address;
  memcpy(&found, address, sizeof found);
  if (found != old) return 0;

  memcpy(frame, host_link[!side], 6);
  memcpy(frame + 6, gateway_link[!side], 6);
  memcpy(address, &new, sizeof new);
  uint32_t delta = address_delta(old, new);
  adjust(ip + 10, delta, 0);
  uint8_t *checksum = ip + 20 + (protocol == 6 ? 16 : 6);
  int partial = (offload->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0;
  if (partial || protocol == 6 || checksum[0] != 0 || checksum[1] != 0) adjust(checksum, delta, partial);
  return 1;
}

// A free submission entry; makes room by submitting.
static struct io_uring_sqe *entry(struct io_uring *ring) {
  struct io_uring_sqe *sqe;
  while ((sqe = io_uring_get_sqe(ring)) == NULL) io_uring_submit(ring);
  return sqe;
}

// Buffers 0 to 31 belong to reads of the inside device, the others to the outside one. A token is the buffer's number,
// with the bit `writing` while it is being written.
static const uint64_t writing = 1 << 16;

static void read_into(struct io_uring *ring, unsigned buffer) {
  struct io_uring_sqe *sqe = entry(ring);
  int side = buffer / depth;
  io_uring_prep_read_fixed(sqe, side, memory + (size_t)buffer * buffer_size, buffer_size, -1, 0);
  sqe->flags |= IOSQE_FIXED_FILE;
  sqe->user_data = buffer;
}

static void complete(struct io_uring *ring, uint64_t token, int result) {
  unsigned buffer = (unsigned)(token & (writing - 1));
  int side = buffer / depth;
  uint8_t *octets = memory + (size_t)buffer * buffer_size;
  if ((token & writing) != 0) {
    if (result < 0) count.failed++;
  } else if (result > 0 && readdress(octets, result, side)) {
    struct io_uring_sqe *sqe = entry(ring);
    io_uring_prep_write_fixed(sqe, !side, octets, result, -1, 0);
    sqe->flags |= IOSQE_FIXED_FILE;
    sqe->user_data = buffer | writing;
    count.frames[side]++;
    return;
  } else {
    count.ignored++;
  }
  read_into(ring, buffer);
}

static void prepare(struct io_uring *ring, const int files[2]) {
  struct io_uring_params parameters = {
      .flags = IORING_SETUP_CQSIZE | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
      .cq_entries = 4 * buffers,
  };
  int code = io_uring_queue_init_params(buffers, ring, &parameters);
  if (code != 0) fail("io_uring", -code);
  size_t size = (size_t)buffers * buffer_size;
  memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) fail("mmap", errno);
  struct iovec whole = {memory, size};
  if ((code = io_uring_register_buffers(ring, &whole, 1)) != 0) fail("registering buffers", -code);
  if ((code = io_uring_register_files(ring, files, 2)) != 0) fail("registering files", -code);
  io_uring_register_ring_fd(ring);
}

static void forward(struct io_uring *ring) {
  for (unsigned buffer = 0; buffer < buffers; buffer++) read_into(ring, buffer);
  while (!ending) {
    int code = io_uring_submit_and_wait(ring, 1);
    if (code < 0 && code != -EINTR) fail("io_uring_enter", -code);
    struct io_uring_cqe *cqe;
    unsigned head, done = 0;
    io_uring_for_each_cqe(ring, head, cqe) {
      done++;
      complete(ring, cqe->user_data, cqe->res);
    }
    io_uring_cq_advance(ring, done);
  }
}

int main(int argc, char **argv) {
  if (argc != 7 || strcmp(argv[1], "--inside") || strcmp(argv[3], "--outside") || strcmp(argv[5], "--seconds")) {
    fputs("usage: copyforward --inside NETNS:DEVICE --outside NETNS:DEVICE --seconds N\n", stderr);
    return 2;
  }
  int seconds = atoi(argv[6]);
  if (seconds < 1 || seconds > longest_run) {
    fprintf(stderr, "copyforward: --seconds must be between 1 and %d\n", longest_run);
    return 2;
  }
  struct sigaction action = {.sa_handler = end};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGALRM, &action, NULL);
  inet_pton(AF_INET, inside_local, &local_address);
  inet_pton(AF_INET, inside_global, &global_address);

  int files[2] = {open_device(argv[2]), open_device(argv[4])};
  struct io_uring ring;
  prepare(&ring, files);
  puts("ready");
  fflush(stdout);
  alarm((unsigned)seconds);
  forward(&ring);
  printf(
      "{\"outbound\": %lu, \"inbound\": %lu, \"ignored\": %lu, \"failed\": %lu}\n", count.frames[inside],
      count.frames[outside], count.ignored, count.failed);
  return 0;
}
