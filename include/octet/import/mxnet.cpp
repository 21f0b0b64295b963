// The MXNet loader's definitions, for octet::compiled.
#define OCTET_IMPLEMENTATION
#include "octet/import/mxnet.hpp"
