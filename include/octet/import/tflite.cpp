// The TFLite loader of octet::compiled.
#define OCTET_IMPLEMENTATION
#include "octet/import/tflite.hpp"
