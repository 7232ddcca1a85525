#define _GNU_SOURCE
#include "thread.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/// As many cores as a mask is made for; the kernel's own limit is 8192.
#define MOST_CORES 8192

int sp_thread_pin(uint32_t core) {
  if (core >= MOST_CORES) return -EINVAL;
  cpu_set_t *mask = CPU_ALLOC(MOST_CORES);
  if (!mask) return -ENOMEM;
  size_t size = CPU_ALLOC_SIZE(MOST_CORES);
  CPU_ZERO_S(size, mask);
  CPU_SET_S(core, size, mask);
  int result = sched_setaffinity(0, size, mask) < 0 ? -errno : 0;
  CPU_FREE(mask);
  return result;
}

int sp_thread_name(const char *name) {
  char short_name[16];
  strncpy(short_name, name, sizeof short_name - 1);
  short_name[sizeof short_name - 1] = 0;
  return -pthread_setname_np(pthread_self(), short_name);
}

int sp_thread_cores(uint32_t *cores, uint32_t capacity) {
  cpu_set_t *mask = CPU_ALLOC(MOST_CORES);
  if (!mask) return -ENOMEM;
  size_t size = CPU_ALLOC_SIZE(MOST_CORES);
  CPU_ZERO_S(size, mask);
  int found = 0;
  if (sched_getaffinity(0, size, mask) < 0) {
    found = -errno;
  } else {
    for (uint32_t core = 0; core < MOST_CORES; core++) {
      if (!CPU_ISSET_S(core, size, mask)) continue;
      if ((uint32_t)found < capacity) cores[found] = core;
      found++;
    }
  }
  CPU_FREE(mask);
  return found;
}

int sp_thread_enter_network(const char *path, const char **step) {
  *step = "open";
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  *step = "setns";
  int result = setns(descriptor, CLONE_NEWNET) < 0 ? -errno : 0;
  close(descriptor);
  return result;
}

int sp_thread_new_network(void) { return unshare(CLONE_NEWNET) < 0 ? -errno : 0; }

int sp_thread_drop_capabilities(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
  memset(none, 0, sizeof none);
  return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

int sp_poll(struct pollfd *descriptors, uint32_t count, uint64_t nanoseconds) {
  struct timespec limit = {(time_t)(nanoseconds / 1000000000u), (long)(nanoseconds % 1000000000u)};
  int ready = ppoll(descriptors, count, nanoseconds == UINT64_MAX ? 0 : &limit, 0);
  return ready < 0 ? -errno : ready;
}

int sp_event_descriptor(void) {
  int descriptor = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

uint64_t sp_memory_lock_limit(void) {
  struct rlimit limit;
  return getrlimit(RLIMIT_MEMLOCK, &limit) < 0 ? 0 : limit.rlim_cur;
}

int sp_file_exchange(const char *one, const char *other) {
  return renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) < 0 ? -errno : 0;
}
