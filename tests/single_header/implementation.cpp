#define OCTET_IMPLEMENTATION
#include "octet.hpp"
