/// Calls that glibc shows only to those who define _GNU_SOURCE, or that Swift's view of it leaves out: threads' cores
/// and namespaces, waiting, limits, names of files. Every function returns 0 or a count on success and a negative errno otherwise.
#pragma once
#include <poll.h>
#include <stdint.h>

/// Binds the calling thread to one core.
int sp_thread_pin(uint32_t core);
/// Names the calling thread, for `top -H` and debuggers; cut off after 15 octets.
int sp_thread_name(const char *name);
/// Stores the cores that the calling thread may run on, in ascending order, and returns how many there are (at most
/// `capacity` are stored).
int sp_thread_cores(uint32_t *cores, uint32_t capacity);
/// Moves the calling thread into the network namespace that `path` names. `step` receives the call that failed.
int sp_thread_enter_network(const char *path, const char **step);
/// Moves the calling thread into a new, empty network namespace, which vanishes with its last user.
int sp_thread_new_network(void);
/// Gives up every capability of the calling thread (capabilities(7)), for good; other threads keep theirs.
int sp_thread_drop_capabilities(void);

/// ppoll(2) with a timeout in nanoseconds; UINT64_MAX waits for ever.
int sp_poll(struct pollfd *descriptors, uint32_t count, uint64_t nanoseconds);
/// A new eventfd(2), non-blocking and closed on exec.
int sp_event_descriptor(void);
/// The octets of memory that this process may lock (RLIMIT_MEMLOCK); UINT64_MAX without a limit.
uint64_t sp_memory_lock_limit(void);

/// Lets two files or directories of one file system change names in one step (RENAME_EXCHANGE).
int sp_file_exchange(const char *one, const char *other);
