/// bpf(2) for the steering programs: load one, and run one over a frame of one's own.
#pragma once
#include <stdint.h>

/// Loads `count` instructions (struct bpf_insn, 8 octets each) as a socket filter. Returns the program's descriptor
/// or a negative errno; what the verifier has to say ends up in `log`, zero-terminated.
int sp_bpf_load(const void *instructions, uint32_t count, char *log, uint32_t log_size);

/// Runs the program over `size` octets, the first 14 of which the kernel takes for an Ethernet header and hides from
/// the program. Stores what the program returned; returns 0 or a negative errno.
int sp_bpf_test_run(int program, const void *octets, uint32_t size, uint32_t *returned);
