// The definitions for kernels_test, with the targets that exist for tests only.
#define OCTET_IMPLEMENTATION
#include "octet/kernels/target.hpp"
