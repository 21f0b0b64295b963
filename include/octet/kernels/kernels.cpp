// The kernels of octet::compiled, built once.
#define OCTET_KERNELS_IMPLEMENTATION
#include "octet/kernels/every_kernel.hpp"
