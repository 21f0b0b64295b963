// libFuzzer target: the whole loader on any bytes. Seeds: tests/goldens/torch/*.pt.
// clang++ -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -Iinclude tests/fuzz_torch.cpp -lzip -o fuzz_torch
#include "octet/import/torch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  octet::import::torch_options o;
  o.shapes = {{"", {1, 8, 6, 7}}};
  o.max.total_bytes = std::size_t{1} << 26;
  auto g = octet::import::try_torch(std::as_bytes(std::span(data, size)), o);
  if (!g && g.error().message().empty()) __builtin_trap();
  return 0;
}
