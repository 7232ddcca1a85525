/// Counts what a thread allocates. An executable that links this target gets its own `malloc` and friends, which count
/// and then do what the C library's do.
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// Allocations that the calling thread has made since it began.
uint64_t sp_allocations(void);

/// Whether allocations are counted at all: not under a sanitizer, which has an allocator of its own.
bool sp_counts_allocations(void);
