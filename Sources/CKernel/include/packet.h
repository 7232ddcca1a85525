/// Packet sockets (packet(7)): whole frames of one interface, in batches. Every frame has the ten octets of a
/// virtio_net_hdr before it, in both directions, as those of a TAP queue have.
/// Every function returns 0, a count or a descriptor on success and a negative errno otherwise.
#pragma once
#include <stdint.h>

/// Where a frame with its virtio header lies, and how many octets it has.
struct sp_frame {
  void *base;
  uint32_t length;
};

/// The most frames that one call sends or receives.
enum { SP_PACKET_BATCH = 64 };

/// Opens a packet socket on interface `name` of this thread's network namespace: non-blocking, promiscuous, blind to
/// what leaves, past the queueing discipline, with `room` octets of room for what waits in each direction where that is
/// granted.
/// `step` receives the name of the call that failed.
int sp_packet_open(const char *name, int32_t room, const char **step);
/// Joins the group of sockets among which the interface's frames are shared out by the loaded eBPF program, which
/// returns a socket's place in the order of joining.
int sp_packet_join(int descriptor, uint16_t group, int program);
/// Sends frames until one is refused; returns how many left, or why the first did not.
int sp_packet_send(int descriptor, const struct sp_frame *frames, uint32_t count);
/// Receives at most `count` frames of at most `capacity` octets each, and stores their lengths; does not wait.
int sp_packet_receive(int descriptor, struct sp_frame *frames, uint32_t count, uint32_t capacity);
/// How many frames found no room in the socket since this was last asked.
int sp_packet_overruns(int descriptor, uint32_t *count);
