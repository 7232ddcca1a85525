/// Machine instructions that Swift has no word for: prefetch, turning a word, and one comparison of sixteen tags.
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

/// Asks for the cache line of `address`, to be written soon: it comes as this core's alone, so that the first store does
/// not ask for it once more. The compiler's own word means a prefetch for reading on x86-64 without options; processors
/// that do not know the instruction pass over it.
static inline __attribute__((always_inline)) void sp_prefetch_write(const void *address) {
#if defined(__x86_64__)
  __asm__ volatile("prefetchw %0" : : "m"(*(const char *)address));
#else
  __builtin_prefetch(address, 1, 3);
#endif
}

/// `word` turned to the left, by the lower bits of `distance`: one instruction, which shifts in Swift become only sometimes.
static inline __attribute__((always_inline)) uint64_t sp_turn64(uint64_t word, uint64_t distance) {
  return __builtin_rotateleft64(word, distance);
}
static inline __attribute__((always_inline)) uint32_t sp_turn32(uint32_t word, uint32_t distance) {
  return __builtin_rotateleft32(word, distance);
}

/// One bit for each of the sixteen bytes at `tags` that equals `tag`.
static inline __attribute__((always_inline)) uint32_t sp_match16(const uint8_t *tags, uint8_t tag) {
#if defined(__SSE2__)
  __m128i group = _mm_loadu_si128((const __m128i *)tags);
  // A product and one instruction for the four words spread the tag in fewer steps than bytes, then words would.
  __m128i wanted = _mm_set1_epi32((int)(tag * 0x01010101u));
  return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(group, wanted));
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
