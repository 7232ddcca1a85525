#include "CNUMA.h"
#include <errno.h>
#include <numa.h>
#include <numaif.h>

int sp_numa_available(void) { return numa_available() >= 0; }

int sp_numa_node_count(void) {
  if (numa_available() < 0) return 1;
  int count = numa_num_configured_nodes();
  return count < 1 ? 1 : count;
}

int sp_numa_node_of_core(uint32_t core) {
  if (numa_available() < 0) return 0;
  int node = numa_node_of_cpu((int)core);
  return node < 0 ? 0 : node;
}

int sp_numa_prefer(void *base, size_t count, int node) {
  enum { BITS = 8 * sizeof(unsigned long), MOST_NODES = 1024 };
  unsigned long mask[MOST_NODES / BITS] = {0};
  if (node < 0 || node >= MOST_NODES) return -EINVAL;
  mask[node / BITS] = 1ul << (node % BITS);
  // MPOL_PREFERRED, not MPOL_BIND: a full node means slower memory, not a killed process.
  return mbind(base, count, MPOL_PREFERRED, mask, MOST_NODES, 0) < 0 ? -errno : 0;
}
