// The PyTorch loader of octet::compiled.
#define OCTET_IMPORT_IMPLEMENTATION
#include "octet/import/torch.hpp"
