// The definitions of octet::compiled, built once.
#define OCTET_IMPLEMENTATION
#include "octet/octet.hpp"
