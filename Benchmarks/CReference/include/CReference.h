/// The floor under a translator's speed: what one core of this machine needs to hash a frame, touch the one cache line
/// that belongs to its session, and rewrite the frame, with nothing else around it: no miss, no state machine, no
/// timer, no check of the frame. A benchmark prints it beside its own figure, because a figure without the machine's
/// own limit says little.
#pragma once
#include <stdint.h>

/// What a rewrite needs to know of one session: exactly one cache line.
typedef struct sp_reference_session {
  /// The inside global address and port that take the source's place, in network order.
  uint32_t global_address;
  uint16_t global_port;
  uint16_t reserved;
  /// What the rewrite adds to the IPv4 and the UDP checksum (RFC 1624), as unfolded sums.
  uint32_t ip_delta;
  uint32_t udp_delta;
  /// When the session last carried a frame; written only when the tick has moved on.
  uint32_t last_used;
  /// The Ethernet header of the way out: destination, then source.
  uint8_t link[12];
  uint8_t padding[32];
} sp_reference_session;

_Static_assert(sizeof(sp_reference_session) == 64, "a reference session is one cache line");

/// How many slots a table for `sessions` sessions has: the next power of two.
uint64_t sp_reference_slots(uint64_t sessions);

/// A table of `slots` (a power of two) sessions, each one's line at a 64-byte boundary, in huge pages where the kernel
/// gives them; NULL when there is no memory. Freed with `sp_reference_free`.
sp_reference_session *sp_reference_allocate(uint64_t slots);

/// Frees a table made with `sp_reference_allocate`.
void sp_reference_free(sp_reference_session *table, uint64_t slots);

/// Rewrites the `count` (at most 64) Ethernet frames that lie `stride` bytes apart from `frames` on; each is UDP over
/// IPv4 without options, at least 42 bytes. Two passes: hash and prefetch, then use the line. The time
/// `tick` goes into each line that does not have it yet. Returns the sum of the ports written, so that no compiler can
/// decide that the work is not needed.
uint64_t sp_reference_rewrite(
    uint8_t *frames, uint32_t count, uint32_t stride, sp_reference_session *table, uint64_t slots, uint32_t tick);
/// Octets that malloc has given away and not got back.
uint64_t sp_allocated_octets(void);

/// Computes in registers for so many turns, without memory: what two cores do of this in the time of one says how much
/// of a core each of them is. Returns what came out, so that no compiler can decide that the work is not needed.
uint64_t sp_reference_compute(uint64_t turns);
