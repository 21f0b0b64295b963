// The ONNX loader's definitions, for octet::compiled.
#define OCTET_IMPLEMENTATION
#include "octet/import/onnx.hpp"
