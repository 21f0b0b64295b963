// Damaged files: truncated, flipped, overwritten. Each either gives an error that names the file or
// still is a network that runs; nothing crashes
// (./dev check runs this under ASan and UBSan).
#include <catch2/catch.hpp>
#include <filesystem>
#include <random>

#include "octet/import/common/file.hpp"
#include "octet/import/tflite.hpp"
#include "octet/runtime/session.hpp"

namespace {

octet::import::tflite_options small_limits() {
  octet::import::tflite_options o;
  o.max.tensor_bytes = o.max.total_bytes = std::size_t{1} << 24;
  return o;
}

/// Loads, plans and runs; true where all three worked. An error must name the file.
bool survives(std::span<const std::byte> bytes) {
  const auto o = small_limits();
  auto g = octet::import::try_tflite(bytes, "damaged.tflite", o);
  if (!g) {
    REQUIRE(g.error().message().find("damaged.tflite") != std::string::npos);
    return false;
  }
  octet::plan_options po;
  po.max = o.max;
  auto p = octet::try_compile(std::move(*g), po);
  if (!p) {
    REQUIRE(p.error().message().find("damaged.tflite") != std::string::npos);
    return false;
  }
  std::size_t work = 0;  // a flipped stride can make a run long, not wrong
  for (const auto& t : p->source().tensors) work += t.shape.elements().value;
  if (work > 4000000) return true;
  octet::session s(*p);
  s.run();
  return true;
}

std::vector<std::filesystem::path> small_models() {
  std::vector<std::filesystem::path> files;
  for (const char* folder : {"/tests/goldens/tflite", "/examples/digits"})
    for (const auto& f :
         std::filesystem::directory_iterator(std::string(OCTET_SOURCE_DIR) + folder))
      if (f.path().extension() == ".tflite") files.push_back(f.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

TEST_CASE("truncated TFLite files are refused", "[hostile]") {
  const auto file =
      octet::import::read_file(std::string(OCTET_SOURCE_DIR) + "/examples/digits/digits.tflite");
  REQUIRE(file);
  REQUIRE(survives(file->bytes));
  for (std::size_t n = 0; n + 1 < file->bytes.size(); n += n < 512 ? 1 : 37) {
    INFO("first " << n << " bytes");
    CHECK_FALSE(survives(file->bytes.subspan(0, n)));
  }
}

TEST_CASE("flipped and overwritten bytes never crash a load, a plan or a run", "[hostile]") {
  std::mt19937 random(20261124);
  std::size_t refused = 0, ran = 0;
  for (const auto& path : small_models()) {
    const auto file = octet::import::read_file(path.string());
    REQUIRE(file);
    std::vector<std::byte> bytes(file->bytes.begin(), file->bytes.end());
    for (int round = 0; round < 60; ++round) {
      std::vector<std::byte> damaged = bytes;
      const int changes = 1 + round % 4;
      for (int c = 0; c < changes; ++c) {
        const std::size_t at = random() % damaged.size();
        switch (random() % 3) {
          case 0: damaged[at] ^= static_cast<std::byte>(1u << (random() % 8)); break;
          case 1: damaged[at] = static_cast<std::byte>(random()); break;
          default:  // an extreme 32-bit word
            if (at + 4 <= damaged.size()) {
              constexpr std::uint32_t extreme[] = {0,          1,          0x7fffffff,
                                                   0x80000000, 0xffffffff, 0x10000};
              const std::uint32_t w = extreme[random() % std::size(extreme)];
              std::memcpy(damaged.data() + at / 4 * 4, &w, 4);
            }
        }
      }
      INFO(path.filename() << " round " << round);
      ++(survives(damaged) ? ran : refused);
    }
  }
  std::printf("%zu refused, %zu still ran\n", refused, ran);
  CHECK(refused > 0);
  CHECK(ran > 0);
}

TEST_CASE("errors name file, operator, what was found and what is supported", "[hostile]") {
  const auto missing = octet::import::try_tflite("no/such/file.tflite");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message().find("no/such/file.tflite: cannot read") == 0);
  const std::byte eight[8] = {};
  const auto tiny = octet::import::try_tflite(eight, "tiny.tflite");
  REQUIRE_FALSE(tiny);
  CHECK(tiny.error().message().find("TFL3") != std::string::npos);
}
