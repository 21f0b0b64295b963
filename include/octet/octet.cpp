// The definitions of octet::compiled, built once.
#define OCTET_IMPLEMENTATION
#define OCTET_WITHOUT_LOADERS  // import/octet_file.cpp
#define OCTET_WITHOUT_KERNELS  // kernels/kernels.cpp
#include "octet/octet.hpp"
