// A second file that includes the same header.
#include <octet/octet.hpp>

const char* second_file() {
  static const std::string name(octet::name_of(octet::best_target()));
  return name.c_str();
}
