// libFuzzer target: the whole PyTorch loader on any bytes, then the plan and a run.
//
// A ZIP file protects its members by checksums, which would hide all that lies behind them: before
// the loader sees a file, the checksums of its stored members are made right. (The plain damage is
// what tests/torch_import_test.cpp does.)
#include "octet/import/torch.hpp"

#include <vector>

#include "../crc32.hpp"
#include "run.hpp"

namespace {

std::uint32_t get(const std::vector<std::uint8_t>& b, std::size_t at, int bytes) {
  std::uint32_t v = 0;
  for (int i = 0; i < bytes; ++i)
    v |= static_cast<std::uint32_t>(b[at + static_cast<std::size_t>(i)]) << (8 * i);
  return v;
}
void put(std::vector<std::uint8_t>& b, std::size_t at, std::uint32_t v) {
  for (std::size_t i = 0; i < 4; ++i) b[at + i] = static_cast<std::uint8_t>(v >> (8 * i));
}
/// Every central directory entry gets the checksum of the bytes that its local header introduces.
void make_checksums_right(std::vector<std::uint8_t>& b) {
  for (std::size_t at = 0; at + 46 <= b.size(); ++at) {
    if (get(b, at, 4) != 0x02014b50u) continue;
    const std::size_t size = get(b, at + 20, 4), local = get(b, at + 42, 4);
    if (get(b, at + 10, 2) != 0 || local >= b.size() || b.size() - local < 30 ||
        get(b, local, 4) != 0x04034b50u)
      continue;
    const std::size_t from = local + 30 + get(b, local + 26, 2) + get(b, local + 28, 2);
    if (from > b.size() || size > b.size() - from) continue;
    const std::uint32_t sum = octet_test::crc32(std::as_bytes(std::span(b).subspan(from, size)));
    put(b, at + 16, sum);
    if ((get(b, local + 6, 2) & 8) == 0)
      put(b, local + 14, sum);  // else it follows the data, and is not read
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::uint8_t> bytes(data, data + size);
  make_checksums_right(bytes);
  octet::import::torch_options o;
  o.max = octet_fuzz::small_limits();
  if (size % 2 != 0) o.arithmetic = octet::law::pytorch_qnnpack;
  auto g = octet::import::try_torch(std::as_bytes(std::span(bytes)), "fuzz.pt", o);
  if (!g &&
      g.error().message().find("--shape") !=
          std::string::npos) {  // the file does not say: one of the shapes that the seeds have
    static const octet::dims shapes[] = {{1, 8, 6, 7}, {2, 3, 7}, {1, 4}, {2, 3, 4, 5}};
    for (const octet::dims& d : shapes) {
      o.shapes = {{"", d}};
      g = octet::import::try_torch(std::as_bytes(std::span(bytes)), "fuzz.pt", o);
      if (g) break;
    }
  }
  octet_fuzz::plan_and_run(std::move(g), "fuzz.pt");
  return 0;
}
