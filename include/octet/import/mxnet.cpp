// The MXNet loader's definitions, for octet::compiled.
#define OCTET_IMPORT_IMPLEMENTATION
#include "octet/import/mxnet.hpp"
