#include "ring.h"
#include <errno.h>
#include <string.h>
#include <time.h>

int sp_ring_open(struct io_uring *ring, unsigned entries, unsigned completions, int *scheme) {
  static const unsigned flags[] = {
      // TASKRUN_FLAG lets a spinning thread see in shared memory whether entering the kernel would bring anything.
      IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
      IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
      0,
  };
  int result = -EINVAL;
  for (int i = SP_RING_DEFERRED; i <= SP_RING_PLAIN; i++) {
    struct io_uring_params parameters;
    memset(&parameters, 0, sizeof parameters);
    memset(ring, 0, sizeof *ring);
    parameters.flags = flags[i] | IORING_SETUP_CQSIZE;
    parameters.cq_entries = completions;
    result = io_uring_queue_init_params(entries, ring, &parameters);
    if (result == 0) *scheme = i;
    if (result != -EINVAL) break;  // Only EINVAL says "a kernel too old for these flags".
  }
  if (result == 0) io_uring_register_ring_fd(ring);  // Saves a lookup at each entry; older kernels do without.
  return result;
}

void sp_ring_make_room(struct io_uring *ring) {
  int result = io_uring_submit_and_get_events(ring);
  // Anything else means that the kernel cannot take an entry just now, and will when it has had its turn.
  if (result < 0) sched_yield();
}

int sp_ring_wait(struct io_uring *ring, unsigned count, uint64_t nanoseconds) {
  if (nanoseconds == UINT64_MAX) return io_uring_submit_and_wait(ring, count);
  struct io_uring_cqe *first = 0;
  struct __kernel_timespec limit = {(int64_t)(nanoseconds / 1000000000u), (long long)(nanoseconds % 1000000000u)};
  return io_uring_submit_and_wait_timeout(ring, &first, count, &limit, 0);
}

void sp_ring_close(struct io_uring *ring, uint64_t outstanding) {
  // What is queued but not submitted has no request to cancel; it is submitted so that the count below holds.
  io_uring_submit_and_get_events(ring);
  struct io_uring_sync_cancel_reg all;
  memset(&all, 0, sizeof all);
  all.fd = -1;
  all.flags = IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL;
  all.timeout.tv_sec = 1;
  all.timeout.tv_nsec = 0;
  if (io_uring_register_sync_cancel(ring, &all) >= 0) {
    for (int turn = 0; turn < 100 && outstanding > 0; turn++) {
      unsigned ready = io_uring_cq_ready(ring);
      if (ready == 0) {
        sp_ring_wait(ring, 1, 10000000);
        ready = io_uring_cq_ready(ring);
      }
      io_uring_cq_advance(ring, ready);
      outstanding -= ready < outstanding ? ready : outstanding;
    }
  }
  // The kernel frees a ring in its own time; a device whose queues it still held would outlive the process for a while.
  io_uring_unregister_files(ring);
  io_uring_queue_exit(ring);
}
