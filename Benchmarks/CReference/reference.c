#define _GNU_SOURCE
#include "CReference.h"

#include <malloc.h>
#include <string.h>
#include <sys/mman.h>

enum {
  burst = 64,
  ip_offset = 14,
  ttl_offset = ip_offset + 8,
  ip_checksum_offset = ip_offset + 10,
  source_offset = ip_offset + 12,
  udp_offset = ip_offset + 20,
  udp_checksum_offset = udp_offset + 6,
};

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
static const uint32_t lifetime_delta = 0xfffe;
#else
static const uint32_t lifetime_delta = 0xfeff;
#endif

static const uint64_t huge_page = 2u << 20;

static uint16_t load16(const uint8_t *octets) {
  uint16_t value;
  memcpy(&value, octets, sizeof value);
  return value;
}

static uint64_t load64(const uint8_t *octets) {
  uint64_t value;
  memcpy(&value, octets, sizeof value);
  return value;
}

/// Mixes the addresses, the ports and the protocol: two multiplications, as good as a session table needs.
static inline uint64_t hash(const uint8_t *frame) {
  uint64_t addresses = load64(frame + source_offset);
  uint32_t ports;
  memcpy(&ports, frame + udp_offset, sizeof ports);
  uint64_t rest = (uint64_t)ports | (uint64_t)frame[ip_offset + 9] << 32;
  uint64_t mixed = (addresses ^ rest * 0x9E3779B97F4A7C15u) * 0xD6E8FEB86659FD93u;
  return mixed ^ mixed >> 32;
}

/// Adds `delta` to the sum behind a checksum (RFC 1624, equation 3).
static inline uint16_t adjusted(uint16_t checksum, uint32_t delta) {
  uint32_t sum = (uint16_t)~checksum + delta;
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

uint64_t sp_reference_slots(uint64_t sessions) {
  uint64_t slots = 1;
  while (slots < sessions) slots *= 2;
  return slots;
}

static uint64_t region_size(uint64_t slots) {
  return (slots * sizeof(sp_reference_session) + huge_page - 1) & ~(huge_page - 1);
}

sp_reference_session *sp_reference_allocate(uint64_t slots) {
  uint64_t size = region_size(slots);
  void *region = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (region == MAP_FAILED) return NULL;
  // Ordinary pages are only slower, so a refusal changes nothing here.
  (void)madvise(region, size, MADV_HUGEPAGE);
  sp_reference_session *table = region;
  for (uint64_t slot = 0; slot < slots; slot++) {
    table[slot] = (sp_reference_session){
        .global_address = 0x647100cb,
        .global_port = (uint16_t)(slot * 7 + 1024),
        .ip_delta = (uint32_t)(slot * 31 % 0x1ffff),
        .udp_delta = (uint32_t)(slot * 37 % 0x1ffff),
        .link = {2, 0, 0, 0, 1, 2, 2, 0, 0, 0, 1, 1},
    };
  }
  return table;
}

void sp_reference_free(sp_reference_session *table, uint64_t slots) {
  munmap(table, region_size(slots));
}

static inline uint16_t rewrite(uint8_t *frame, sp_reference_session *session, uint32_t tick) {
  if (session->last_used != tick) session->last_used = tick;
  memcpy(frame, session->link, sizeof session->link);
  memcpy(frame + source_offset, &session->global_address, sizeof session->global_address);
  memcpy(frame + udp_offset, &session->global_port, sizeof session->global_port);

  // One hop less is a constant difference in the sum. The sums that the table holds are of no real address, so the
  // checksums that come out are of the right cost, not of the right value.
  frame[ttl_offset] -= 1;
  uint16_t checksum = adjusted(load16(frame + ip_checksum_offset), session->ip_delta + lifetime_delta);
  memcpy(frame + ip_checksum_offset, &checksum, sizeof checksum);

  checksum = load16(frame + udp_checksum_offset);
  if (checksum != 0) {
    checksum = adjusted(checksum, session->udp_delta);
    if (checksum == 0) checksum = 0xffff;
    memcpy(frame + udp_checksum_offset, &checksum, sizeof checksum);
  }
  return session->global_port;
}

uint64_t sp_reference_rewrite(
    uint8_t *frames, uint32_t count, uint32_t stride, sp_reference_session *table, uint64_t slots, uint32_t tick) {
  sp_reference_session *sessions[burst];
  if (count > burst) count = burst;
  for (uint32_t i = 0; i < count; i++) {
    sessions[i] = table + (hash(frames + (uint64_t)i * stride) & (slots - 1));
    __builtin_prefetch(sessions[i], 1, 3);
  }
  uint64_t sum = 0;
  for (uint32_t i = 0; i < count; i++) sum += rewrite(frames + (uint64_t)i * stride, sessions[i], tick);
  return sum;
}

uint64_t sp_allocated_octets(void) { return mallinfo2().uordblks; }

uint64_t sp_reference_compute(uint64_t turns) {
  // Four chains that do not wait for each other fill a core's units, as a burst's packets do.
  uint64_t a = 1, b = 2, c = 3, d = 4;
  for (uint64_t i = 0; i < turns; i++) {
    a = (a ^ i) * 0x9E3779B97F4A7C15u;
    b = (b + a) ^ (b >> 7);
    c = (c ^ i) * 0xD6E8FEB86659FD93u;
    d = (d + c) ^ (d >> 9);
  }
  return a ^ b ^ c ^ d;
}
