#define _GNU_SOURCE
#include "packet.h"
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int set(int descriptor, int level, int option, const void *value, socklen_t size) {
  return setsockopt(descriptor, level, option, value, size) < 0 ? -errno : 0;
}

/// What a fresh socket is told before it is bound, so that no frame arrives that was not asked for.
static int prepare(int descriptor, int index, int32_t room, const char **step) {
  const int on = 1;
  int result;
  *step = "setsockopt(PACKET_VNET_HDR)";
  if ((result = set(descriptor, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on)) < 0) return result;
  *step = "setsockopt(PACKET_IGNORE_OUTGOING)";
  if ((result = set(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on)) < 0) return result;
  *step = "setsockopt(PACKET_QDISC_BYPASS)";
  if ((result = set(descriptor, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on)) < 0) return result;
  // What the system's limit leaves will do.
  if (set(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0)
    set(descriptor, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  // As much again for what waits in the device: the device's own queue shall be what says that it is full.
  if (set(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) < 0)
    set(descriptor, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  struct packet_mreq membership = {.mr_ifindex = index, .mr_type = PACKET_MR_PROMISC};
  *step = "setsockopt(PACKET_ADD_MEMBERSHIP)";
  if ((result = set(descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership)) < 0) return result;
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index};
  *step = "bind";
  return bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
}

int sp_packet_open(const char *name, int32_t room, const char **step) {
  *step = "the name";
  unsigned index = if_nametoindex(name);
  if (!index) return -errno;
  *step = "socket(AF_PACKET)";
  int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  int result = prepare(descriptor, (int)index, room, step);
  if (result < 0) {
    close(descriptor);
    return result;
  }
  return descriptor;
}

int sp_packet_join(int descriptor, uint16_t group, int program) {
  const int how = group | PACKET_FANOUT_EBPF << 16;
  int result = set(descriptor, SOL_PACKET, PACKET_FANOUT, &how, sizeof how);
  return result < 0 ? result : set(descriptor, SOL_PACKET, PACKET_FANOUT_DATA, &program, sizeof program);
}

int sp_packet_send(int descriptor, const struct sp_frame *frames, uint32_t count) {
  struct mmsghdr messages[SP_PACKET_BATCH];
  struct iovec vectors[SP_PACKET_BATCH];
  if (count > SP_PACKET_BATCH) count = SP_PACKET_BATCH;
  memset(messages, 0, count * sizeof *messages);
  for (uint32_t i = 0; i < count; i++) {
    vectors[i] = (struct iovec){frames[i].base, frames[i].length};
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  int sent = sendmmsg(descriptor, messages, count, MSG_DONTWAIT);
  return sent < 0 ? -errno : sent;
}

int sp_packet_receive(int descriptor, struct sp_frame *frames, uint32_t count, uint32_t capacity) {
  struct mmsghdr messages[SP_PACKET_BATCH];
  struct iovec vectors[SP_PACKET_BATCH];
  if (count > SP_PACKET_BATCH) count = SP_PACKET_BATCH;
  memset(messages, 0, count * sizeof *messages);
  for (uint32_t i = 0; i < count; i++) {
    vectors[i] = (struct iovec){frames[i].base, capacity};
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  int received = recvmmsg(descriptor, messages, count, MSG_DONTWAIT, 0);
  if (received < 0) return -errno;
  for (int i = 0; i < received; i++) frames[i].length = messages[i].msg_len;
  return received;
}

int sp_packet_overruns(int descriptor, uint32_t *count) {
  struct tpacket_stats statistics;
  socklen_t size = sizeof statistics;
  if (getsockopt(descriptor, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) < 0) return -errno;
  *count = statistics.tp_drops;
  return 0;
}
