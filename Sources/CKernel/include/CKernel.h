/// What the Linux kernel offers only to C: io_uring through liburing's inline functions, the TAP driver's requests,
/// packet sockets, bpf(2), and the thread calls that glibc hides from Swift.
#pragma once
#include "packet.h"
#include "ring.h"
#include "steering.h"
#include "tap.h"
#include "thread.h"
