/// Which memory is near which core, as libnuma knows it. All of it is harmless on a machine with one node.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// 1 when the kernel answers questions about nodes.
int sp_numa_available(void);
/// The number of nodes the machine has; 1 when it cannot be known.
int sp_numa_node_count(void);
/// The node of a core; 0 when it cannot be known.
int sp_numa_node_of_core(uint32_t core);
/// Asks that the pages of a mapping come from `node` as long as it has some. Returns 0 or a negative errno.
int sp_numa_prefer(void *base, size_t count, int node);
