/// Machine instructions that Swift has no word for: prefetch, and one comparison of sixteen tags.
/// Safe by construction: a prefetch never faults, and the comparison reads the sixteen bytes its caller owns.
#pragma once
#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// Asks for the cache line of `address`, to be read soon.
static inline __attribute__((always_inline)) void sp_prefetch(const void *address) {
  __builtin_prefetch(address, 0, 3);
}

/// Asks for the cache line of `address`, to be written soon.
static inline __attribute__((always_inline)) void sp_prefetch_write(const void *address) {
  __builtin_prefetch(address, 1, 3);
}

/// One bit for each of the sixteen bytes at `tags` that equals `tag`.
static inline __attribute__((always_inline)) uint32_t sp_match16(const uint8_t *tags, uint8_t tag) {
#if defined(__SSE2__)
  __m128i group = _mm_loadu_si128((const __m128i *)tags);
  return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(group, _mm_set1_epi8((char)tag)));
#else
  uint32_t mask = 0;
  for (int i = 0; i < 16; i++) mask |= (uint32_t)(tags[i] == tag) << i;
  return mask;
#endif
}

/// Tells the processor that this is a spin loop.
static inline __attribute__((always_inline)) void sp_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}
