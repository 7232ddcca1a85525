#define _GNU_SOURCE
#include "steering.h"
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int sp_bpf_load(const void *instructions, uint32_t count, char *log, uint32_t log_size) {
  union bpf_attr request;
  memset(&request, 0, sizeof request);
  log[0] = 0;
  request.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
  request.insns = (uintptr_t)instructions;
  request.insn_cnt = count;
  request.license = (uintptr_t) "Apache-2.0";
  request.log_buf = (uintptr_t)log;
  request.log_size = log_size;
  request.log_level = 1;
  strcpy(request.prog_name, "sallyport_steer");
  long descriptor = syscall(SYS_bpf, BPF_PROG_LOAD, &request, sizeof request);
  return descriptor < 0 ? -errno : (int)descriptor;
}

int sp_bpf_test_run(int program, const void *octets, uint32_t size, uint32_t *returned) {
  union bpf_attr request;
  memset(&request, 0, sizeof request);
  request.test.prog_fd = (uint32_t)program;
  request.test.data_in = (uintptr_t)octets;
  request.test.data_size_in = size;
  request.test.repeat = 1;
  if (syscall(SYS_bpf, BPF_PROG_TEST_RUN, &request, sizeof request) < 0) return -errno;
  *returned = request.test.retval;
  return 0;
}
