// This target is its header: every function in it is inlined into Swift.
#include "CIntrinsics.h"
