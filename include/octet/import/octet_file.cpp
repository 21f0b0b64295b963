// The loader and writer of .octet files of octet::compiled: a file of its own, so that programs
// that load no file have no loader.
#define OCTET_IMPORT_IMPLEMENTATION
#include "octet/import/octet_file.hpp"
