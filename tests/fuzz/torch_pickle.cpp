// libFuzzer target: the pickle reader on any bytes.
#include "octet/import/torch/pickle.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  octet::import::torchscript::heap h;
  auto r = octet::import::torchscript::unpickler(
               h, std::as_bytes(std::span(data, size)), "data/",
               [](const std::string& key) {
                 return key == "0" ? std::size_t{4096} : octet::import::torchscript::no_storage;
               })
               .load();
  if (!r && r.error().message().empty()) __builtin_trap();
  return 0;
}
