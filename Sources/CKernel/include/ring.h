/// One io_uring (liburing 2.3): the submission and completion sides of the packet path, inlined into Swift.
#pragma once
// Before liburing, which asks for the X/Open names: fd_set has other members under them than Swift's Glibc module has.
#include <sys/select.h>

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

/// How a ring was set up, best first: which completion scheme the kernel granted.
enum {
  SP_RING_DEFERRED = 0,     // SINGLE_ISSUER | DEFER_TASKRUN: completions are posted only when this thread asks.
  SP_RING_COOPERATIVE = 1,  // COOP_TASKRUN: completions are posted at the thread's next system call.
  SP_RING_PLAIN = 2,        // Completions interrupt the thread.
};

/// Sets up a ring of `entries` submissions and `completions` completions and stores the scheme that the kernel granted.
/// Returns 0 or a negative errno. The calling thread becomes the ring's only issuer.
int sp_ring_open(struct io_uring *ring, unsigned entries, unsigned completions, int *scheme);

/// Cancels every request that is outstanding, waits for at most a second until `outstanding` completions have come,
/// lets go of the registered files, and tears the ring down.
void sp_ring_close(struct io_uring *ring, uint64_t outstanding);

/// Submits until the submission queue has room again. Never inlined: it runs only when a burst outgrew the queue.
void sp_ring_make_room(struct io_uring *ring);

/// Submits what is queued and runs what the kernel deferred; does not wait. Returns a negative errno or a count.
static inline int sp_ring_submit(struct io_uring *ring) { return io_uring_submit_and_get_events(ring); }

/// Submits what is queued and waits for `count` completions; for ever when `nanoseconds` is UINT64_MAX.
int sp_ring_wait(struct io_uring *ring, unsigned count, uint64_t nanoseconds);

/// A submission entry, at any price: a full queue is submitted first.
static inline __attribute__((always_inline)) struct io_uring_sqe *sp_ring_entry(struct io_uring *ring) {
  struct io_uring_sqe *entry;
  while (__builtin_expect((entry = io_uring_get_sqe(ring)) == 0, 0)) sp_ring_make_room(ring);
  return entry;
}

/// Queues READ_FIXED of registered file `file` into registered buffer `buffer`.
static inline __attribute__((always_inline)) void sp_ring_read(
    struct io_uring *ring, uint32_t file, void *base, uint32_t count, uint16_t buffer, uint64_t token) {
  struct io_uring_sqe *entry = sp_ring_entry(ring);
  io_uring_prep_rw(IORING_OP_READ_FIXED, entry, (int)file, base, count, (uint64_t)-1);
  entry->flags = IOSQE_FIXED_FILE;
  entry->buf_index = buffer;
  entry->user_data = token;
}

/// As `sp_ring_read`, but ends with -EAGAIN at once when the file has nothing (RWF_NOWAIT).
static inline __attribute__((always_inline)) void sp_ring_try_read(
    struct io_uring *ring, uint32_t file, void *base, uint32_t count, uint16_t buffer, uint64_t token) {
  struct io_uring_sqe *entry = sp_ring_entry(ring);
  io_uring_prep_rw(IORING_OP_READ_FIXED, entry, (int)file, base, count, (uint64_t)-1);
  entry->flags = IOSQE_FIXED_FILE;
  entry->rw_flags = 0x8;  // RWF_NOWAIT, which glibc shows only to _GNU_SOURCE.
  entry->buf_index = buffer;
  entry->user_data = token;
}

/// Queues WRITE_FIXED to registered file `file` from registered buffer `buffer`.
static inline __attribute__((always_inline)) void sp_ring_write(
    struct io_uring *ring, uint32_t file, const void *base, uint32_t count, uint16_t buffer, uint64_t token) {
  struct io_uring_sqe *entry = sp_ring_entry(ring);
  io_uring_prep_rw(IORING_OP_WRITE_FIXED, entry, (int)file, base, count, (uint64_t)-1);
  entry->flags = IOSQE_FIXED_FILE;
  entry->buf_index = buffer;
  entry->user_data = token;
}

/// Queues a one-shot poll of `descriptor`, which need not be registered, for readability.
static inline void sp_ring_watch(struct io_uring *ring, int descriptor, uint64_t token) {
  struct io_uring_sqe *entry = sp_ring_entry(ring);
  io_uring_prep_poll_add(entry, descriptor, 1 /* POLLIN */);
  entry->user_data = token;
}

/// Whether entries wait for a submission.
static inline __attribute__((always_inline)) bool sp_ring_has_queued(const struct io_uring *ring) {
  return ring->sq.sqe_tail != ring->sq.sqe_head;
}

/// The number of completions that wait to be taken.
static inline __attribute__((always_inline)) unsigned sp_ring_ready(const struct io_uring *ring) {
  return io_uring_cq_ready(ring);
}

/// The completion `index` places after the oldest one; `index` must be below `sp_ring_ready`.
static inline __attribute__((always_inline)) const struct io_uring_cqe *sp_ring_completion(
    const struct io_uring *ring, unsigned index) {
  return &ring->cq.cqes[(*ring->cq.khead + index) & ring->cq.ring_mask];
}

/// Gives the oldest `count` completions back to the kernel.
static inline __attribute__((always_inline)) void sp_ring_advance(struct io_uring *ring, unsigned count) {
  io_uring_cq_advance(ring, count);
}

/// Whether completions wait, or the kernel holds work back that a system call of this thread would turn into
/// completions. Reads two words of shared memory, enters nothing.
static inline __attribute__((always_inline)) bool sp_ring_has_news(const struct io_uring *ring) {
  return io_uring_cq_ready(ring) != 0 ||
         (IO_URING_READ_ONCE(*ring->sq.kflags) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
}
