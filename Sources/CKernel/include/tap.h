/// The TAP driver's requests and the few link settings that go with them.
/// Every function returns 0 or a count on success and a negative errno otherwise.
#pragma once
#include <stdint.h>

/// TUNSETOFFLOAD's bits; USO is younger (Linux 6.2) than the headers of Debian 12.
enum {
  SP_TUN_CHECKSUM = 0x01,
  SP_TUN_TSO4 = 0x02,
  SP_TUN_TSO6 = 0x04,
  SP_TUN_TSO_ECN = 0x08,
  SP_TUN_USO4 = 0x20,
  SP_TUN_USO6 = 0x40,
};

/// Opens /dev/net/tun and attaches a queue of the TAP `name` (without packet information, with a virtio header),
/// making the device if there is none. Returns the descriptor, non-blocking and closed on exec.
/// `step` receives the name of the call that failed.
int sp_tap_attach(const char *name, int multi_queue, const char **step);

/// Sets the size of the virtio header before each frame, in octets.
int sp_tap_set_header_size(int descriptor, int size);
/// Sets the offloads (SP_TUN_…) that the kernel may leave to the reader of this device.
int sp_tap_set_offload(int descriptor, unsigned features);
/// Makes the device outlive its descriptors, or not.
int sp_tap_set_persistent(int descriptor, int persistent);
/// 1 when the device outlives its descriptors, 0 when not.
int sp_tap_is_persistent(int descriptor);
/// Attaches the loaded steering program to the device, or detaches any when `program` is -1.
int sp_tap_set_steering(int descriptor, int program);

/// 1 when something is attached to interface `name` (for a TAP: any queue), 0 when nothing is; -ENODEV when there is no
/// such interface.
int sp_link_has_carrier(const char *name);

/// The link settings of one interface.
struct sp_link {
  int32_t mtu;
  int32_t queue_length;
  int32_t up;
};

/// Reads the settings of interface `name` in this thread's network namespace; -ENODEV when there is none.
int sp_link_read(const char *name, struct sp_link *link);
int sp_link_set_mtu(const char *name, int32_t mtu);
int sp_link_set_queue_length(const char *name, int32_t length);
int sp_link_set_up(const char *name);
/// Writes the name of the driver of interface `name` into `driver`, a string in at most `size` octets; -ENODEV when there
/// is no such interface, -EOPNOTSUPP when it has none (loopback).
int sp_link_driver(const char *name, char *driver, uint32_t size);
