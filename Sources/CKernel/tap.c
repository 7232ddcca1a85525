#define _GNU_SOURCE
#include "tap.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int result_of(int value) { return value < 0 ? -errno : value; }

static int named(struct ifreq *request, const char *name) {
  memset(request, 0, sizeof *request);
  if (strlen(name) >= IFNAMSIZ) return -ENAMETOOLONG;
  strcpy(request->ifr_name, name);
  return 0;
}

int sp_tap_attach(const char *name, int multi_queue, const char **step) {
  struct ifreq request;
  *step = "the name";
  int result = named(&request, name);
  if (result < 0) return result;
  *step = "open(/dev/net/tun)";
  int descriptor = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  *step = "ioctl(TUNSETIFF)";
  request.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (multi_queue ? IFF_MULTI_QUEUE : 0));
  if (ioctl(descriptor, TUNSETIFF, &request) < 0) {
    result = -errno;
    close(descriptor);
    return result;
  }
  return descriptor;
}

int sp_tap_set_header_size(int descriptor, int size) {
  return result_of(ioctl(descriptor, TUNSETVNETHDRSZ, &size));
}

int sp_tap_set_offload(int descriptor, unsigned features) {
  return result_of(ioctl(descriptor, TUNSETOFFLOAD, (unsigned long)features));
}

int sp_tap_set_persistent(int descriptor, int persistent) {
  return result_of(ioctl(descriptor, TUNSETPERSIST, (unsigned long)persistent));
}

int sp_tap_is_persistent(int descriptor) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  if (ioctl(descriptor, TUNGETIFF, &request) < 0) return -errno;
  return (request.ifr_flags & IFF_PERSIST) != 0;
}

int sp_tap_set_steering(int descriptor, int program) {
  return result_of(ioctl(descriptor, TUNSETSTEERINGEBPF, &program));
}

/// Asks the kernel one thing about an interface; any socket of the namespace will do.
static int ask(unsigned long what, struct ifreq *request) {
  int probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return -errno;
  int result = result_of(ioctl(probe, what, request));
  close(probe);
  return result;
}

int sp_link_read(const char *name, struct sp_link *link) {
  struct ifreq request;
  int result = named(&request, name);
  if (result < 0) return result;
  if ((result = ask(SIOCGIFMTU, &request)) < 0) return result;
  link->mtu = request.ifr_mtu;
  if ((result = ask(SIOCGIFTXQLEN, &request)) < 0) return result;
  link->queue_length = request.ifr_qlen;
  if ((result = ask(SIOCGIFFLAGS, &request)) < 0) return result;
  link->up = (request.ifr_flags & IFF_UP) != 0;
  return 0;
}

int sp_link_has_carrier(const char *name) {
  struct ifreq request;
  struct ethtool_value link = {.cmd = ETHTOOL_GLINK};
  int result = named(&request, name);
  if (result < 0) return result;
  // Not IFF_RUNNING: that follows the carrier up to a second later.
  request.ifr_data = (char *)&link;
  if ((result = ask(SIOCETHTOOL, &request)) < 0) return result;
  return link.data != 0;
}

int sp_link_driver(const char *name, char *driver, uint32_t size) {
  struct ifreq request;
  struct ethtool_drvinfo about = {.cmd = ETHTOOL_GDRVINFO};
  int result = named(&request, name);
  if (result < 0) return result;
  request.ifr_data = (char *)&about;
  if ((result = ask(SIOCETHTOOL, &request)) < 0) return result;
  about.driver[sizeof about.driver - 1] = 0;
  if (strlen(about.driver) >= size) return -ENAMETOOLONG;
  strcpy(driver, about.driver);
  return 0;
}

int sp_link_set_mtu(const char *name, int32_t mtu) {
  struct ifreq request;
  int result = named(&request, name);
  request.ifr_mtu = mtu;
  return result < 0 ? result : ask(SIOCSIFMTU, &request);
}

int sp_link_set_queue_length(const char *name, int32_t length) {
  struct ifreq request;
  int result = named(&request, name);
  request.ifr_qlen = length;
  return result < 0 ? result : ask(SIOCSIFTXQLEN, &request);
}

int sp_link_set_up(const char *name) {
  struct ifreq request;
  int result = named(&request, name);
  if (result < 0 || (result = ask(SIOCGIFFLAGS, &request)) < 0) return result;
  request.ifr_flags |= IFF_UP;
  return ask(SIOCSIFFLAGS, &request);
}
