// A second file that includes the same header, and the loader that brings a library along.
#include <octet/import/torch.hpp>
#include <octet/octet.hpp>

const char* second_file() {
  static const std::string name(octet::name_of(octet::best_target()));
  return octet::import::try_torch("no such file.pt") ? "?" : name.c_str();
}
