// The definitions for kernels_test: kernels, with the targets that exist for tests only, and the
// references they are compared with.
#define OCTET_IMPLEMENTATION
#include "octet/kernels/every_kernel.hpp"
#include "octet/ops/list.hpp"
