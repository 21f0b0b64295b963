// The .octet format: what is written reads back the same, constants are not copied, damaged files
// are refused.
#include "octet/import/octet_file.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>

#include "crc32.hpp"
#include "octet/import/tflite.hpp"
#include "octet/octet.hpp"

namespace q = octet::typed;

namespace {
octet::graph digits() {
  return octet::import::tflite(OCTET_SOURCE_DIR "/examples/digits/digits.tflite");
}
std::span<const std::byte> bytes_of(const std::string& s) { return std::as_bytes(std::span(s)); }
void resum(std::string& s) {
  const std::uint32_t c = octet_test::crc32(bytes_of(s).subspan(64));
  std::memcpy(s.data() + 12, &c, 4);
}
#if defined(__linux__)
/// KB of memory that the mapping around an address takes now.
std::size_t kilobytes_at(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    unsigned long long begin = 0, end = 0, size = 0;
    if (std::sscanf(line.c_str(), "%llx-%llx ", &begin, &end) == 2)
      inside = begin <= at && at < end;
    else if (inside && std::sscanf(line.c_str(), "Rss: %llu kB", &size) == 1)
      return size;
  }
  FAIL("no such mapping");
  return 0;
}
#endif
}  // namespace

TEST_CASE("a graph written and read is the same graph") {
  const octet::graph g = digits();
  const std::string file = octet::import::write_octet(g);
  auto r = octet::import::try_octet(bytes_of(file), "digits.octet");
  if (!r) FAIL(r.error().message());
  r->name = g.name;
  CHECK(octet::to_string(*r) == octet::to_string(g));
  r->name = "digits.tflite";
  CHECK(octet::import::write_octet(*r) == file);
  for (const octet::tensor& t : r->tensors)
    if (!t.data.bytes.empty())
      CHECK(reinterpret_cast<std::uintptr_t>(t.data.bytes.data()) % octet::alignment == 0);
}

TEST_CASE("a mapped file gives the same outputs") {
  const std::string path = OCTET_BINARY_DIR "/digits_test.octet";
  std::ofstream(path, std::ios::binary) << octet::import::write_octet(digits());
  octet::session a(octet::compile(octet::import::octet(path))), b(octet::compile(digits()));
  std::remove(path.c_str());  // the mapping stays
  for (std::size_t i = 0; i < a.input().view().size_bytes(); ++i)
    static_cast<std::uint8_t*>(a.input().view().data)[i] =
        static_cast<std::uint8_t*>(b.input().view().data)[i] = static_cast<std::uint8_t>(i * 37);
  a.run();
  b.run();
  CHECK(std::memcmp(a.output().view().data, b.output().view().data,
                    a.output().view().size_bytes()) == 0);
}

#if defined(__linux__)
TEST_CASE("memory of mapped weights that a plan has packed is given back, and comes again") {
  octet::graph_builder b("wide", octet::law::tflite_ref);
  std::vector<std::int8_t> w(256 * 256);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<std::int8_t>(i * 37);
  const std::vector<std::int32_t> bias(256, 5);
  const auto built =
      b.finish(b.input("x", q::s8, {1, 1, 1, 256}, {0.1f, 3}) |
               q::conv2d({.filters = 256}, q::per_tensor(w, 0.01f), bias, {0.5f, -1}));
  if (!built) FAIL(built.error().message());
  const std::string path = OCTET_BINARY_DIR "/wide_test.octet";
  std::ofstream(path, std::ios::binary) << octet::import::write_octet(*built);
  const octet::graph g = octet::import::octet(path);
  std::remove(path.c_str());
  std::span<const std::byte> weights;
  for (const octet::tensor& t : g.tensors)
    if (t.data.bytes.size() == w.size()) weights = t.data.bytes;
  REQUIRE(weights.size() == w.size());
  CHECK(std::memcmp(weights.data(), w.data(), w.size()) == 0);
  CHECK(kilobytes_at(weights.data()) >= 64);
  const auto plan = octet::compile(g);
  if (plan.on() != octet::target::reference) CHECK(kilobytes_at(weights.data()) < 16);
  CHECK(std::memcmp(weights.data(), w.data(), w.size()) == 0);
}
#endif

TEST_CASE("every truncation and every flipped byte is refused") {
  const std::string file = octet::import::write_octet(digits());
  for (std::size_t n = 0; n < file.size(); n += n < 512 ? 1 : 97)
    CHECK_FALSE(octet::import::try_octet(bytes_of(file).first(n), "x"));
  for (std::size_t i = 0; i < file.size(); i += i < 2048 ? 1 : 61) {
    if (i >= 32 && i < 64) continue;  // reserved
    std::string bad = file;
    bad[i] = static_cast<char>(bad[i] ^ 0x55);
    CHECK_FALSE(octet::import::try_octet(bytes_of(bad), "x"));
  }
}

TEST_CASE("damage under a right checksum does not crash") {
  const std::string file = octet::import::write_octet(digits());
  std::uint64_t description = 0;
  std::memcpy(&description, file.data() + 24, 8);
  int refused = 0, kept = 0;
  for (std::size_t i = 64; i < 64 + description; ++i)
    for (unsigned flip : {0x01u, 0x80u, 0xFFu}) {
      std::string bad = file;
      bad[i] = static_cast<char>(static_cast<unsigned char>(bad[i]) ^ flip);
      resum(bad);
      auto r = octet::import::try_octet(bytes_of(bad), "x");
      if (!r) {
        ++refused;
        CHECK_FALSE(r.error().message().empty());
        continue;
      }
      ++kept;  // a name, a scale: a valid, other graph
      octet::plan_options o;
      o.on = octet::target::reference;
      (void)octet::try_compile(std::move(*r), o);
    }
  CHECK(refused > kept / 4);
}

TEST_CASE("another version and another format are named") {
  std::string file = octet::import::write_octet(digits());
  file[8] = 9;
  const auto r = octet::import::try_octet(bytes_of(file), "new.octet");
  REQUIRE_FALSE(r);
  CHECK(r.error().message().find(
            "new.octet: unsupported: version of the .octet format (found 9; supported: 1)") == 0);
  CHECK_FALSE(octet::import::try_octet(
      bytes_of("not an octet file, but long enough to hold a whole header of sixty-four bytes"),
      "x"));
}

namespace {
/// What octet's first release wrote for a sum of int8: an input, a constant, the law
/// tflite_xnnpack, the rounding XNN, an attribute.
constexpr std::string_view older_file =
    "4f435445540d0a1a01000000d418ae1f83010000000000001c01000000000000000000000000000000000000000000"
    "00"
    "00000000000000000000000000000000050000006f6c64657201030000000100000078020000000200000001000000"
    "03"
    "00000001000000000000000000e03f01000000ffffffffffffffff0000000000000000000000000000000001000000"
    "63"
    "0201000002000000010000000300000001000000000000000000d03f0100000002000000ffffffff00000000000000"
    "00"
    "030000000000000001000000790200000002000000010000000300000001000000000000000000f03f010000000000"
    "00"
    "00ffffffff000000000000000000000000000000000100000007000000716e6e2e616464060000004144442023300f"
    "02"
    "000000000000000100000001000000020000000100000008000000636c616d705f6c6f00fbffffffffffffff010000"
    "00"
    "0000000001000000020000000000000000000000000000000000000000000000000000000000000000000000000000"
    "00"
    "01fe03";
std::string older() {
  std::string bytes;
  for (std::size_t i = 0; i < older_file.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(older_file.substr(i, 2)), nullptr, 16));
  return bytes;
}
constexpr std::size_t type_at = 83, range_at = 86, rounding_at = 286;
}  // namespace

TEST_CASE("a file of the first release means what it meant") {
  const std::string file = older();
  auto r = octet::import::try_octet(bytes_of(file), "older.octet");
  if (!r) FAIL(r.error().message());
  CHECK(octet::import::write_octet(*r).substr(64) == file.substr(64));
  CHECK(r->arithmetic == octet::law::tflite_xnnpack);
  CHECK(r->nodes.front().round == octet::rounding::xnnpack);
  octet::session s(octet::compile(std::move(*r)));
  const std::int8_t x[] = {10, 20, -30};
  std::memcpy(s.input().view().data, x, sizeof x);
  s.run();
  const auto y = s.output().view().as<std::int8_t>();
  CHECK(std::vector<int>(y.begin(), y.end()) == std::vector<int>{5, 10, -5});
}

TEST_CASE("numbers of roundings and ranges that octet no longer has are refused") {
  const std::string file = older();
  struct place {
    std::size_t at;
    std::vector<int> given_up;
  };
  for (const place& p :
       {place{rounding_at, {3, 10, 11, 19, 21}}, place{type_at, {12, 255}}, place{range_at, {1}}})
    for (int n : p.given_up) {
      INFO(p.at << " " << n);
      std::string other = file;
      other[p.at] = static_cast<char>(n);
      resum(other);
      const auto r = octet::import::try_octet(bytes_of(other), "older.octet");
      REQUIRE_FALSE(r);
      CHECK(r.error().code == octet::errc::unsupported);
    }
  // The others mean the same as in the first release; a new one has the next number.
  const struct {
    int number;
    octet::rounding round;
  } rows[] = {{0, octet::rounding::none},
              {1, octet::rounding::doubling_high_half_away},
              {2, octet::rounding::doubling_high_half_up},
              {4, octet::rounding::wide_half_up},
              {5, octet::rounding::double_half_away},
              {6, octet::rounding::float_half_even},
              {7, octet::rounding::float_bias_half_even},
              {8, octet::rounding::float_zero_point_half_even},
              {9, octet::rounding::eight_bit_ratio_half_up},
              {12, octet::rounding::divide_half_away},
              {13, octet::rounding::divide_half_even},
              {14, octet::rounding::reciprocal_half_even},
              {15, octet::rounding::xnnpack},
              {16, octet::rounding::qnnpack},
              {17, octet::rounding::fused_multiply_add},
              {18, octet::rounding::tflite_optimized},
              {20, octet::rounding::aten},
              {22, octet::rounding::divide_truncate},
              {23, octet::rounding::mxnet},
              {24, octet::rounding::onnxruntime}};
  CHECK(std::size(rows) == octet::enumerators<octet::rounding>.size());
  for (const auto& row : rows) {
    std::string other = file;
    other[rounding_at] = static_cast<char>(row.number);
    resum(other);
    const auto r = octet::import::try_octet(bytes_of(other), "older.octet");
    REQUIRE(r);
    CHECK(r->nodes.front().round == row.round);
  }
}
