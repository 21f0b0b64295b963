// libFuzzer target: the .octet loader on any bytes, then the plan and a run. Size and checksum in
// the header are made right first.
#include "octet/import/octet_file.hpp"

#include <cstring>
#include <vector>

#include "../crc32.hpp"
#include "run.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace octet::import;
  std::vector<std::uint8_t> bytes(data, data + size);
  constexpr std::size_t header = 64;
  if (size >= header) {
    const std::uint32_t sum = octet_test::crc32(std::as_bytes(std::span(bytes)).subspan(header));
    const std::uint64_t all = size;
    std::memcpy(bytes.data() + 12, &sum, 4);
    std::memcpy(bytes.data() + 16, &all, 8);
  }
  octet_options o;
  o.max = octet_fuzz::small_limits();
  auto g = try_octet(std::as_bytes(std::span(bytes)), "fuzz.octet", o);
  if (g) g->name = "fuzz.octet";  // the file keeps the name of the model it was made from
  octet_fuzz::plan_and_run(std::move(g), "fuzz.octet");
  return 0;
}
