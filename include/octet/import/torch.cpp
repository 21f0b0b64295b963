// The PyTorch loader of octet::compiled.
#define OCTET_IMPLEMENTATION
#include "octet/import/torch.hpp"
