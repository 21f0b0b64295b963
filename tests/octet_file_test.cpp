// The .octet format: what is written reads back the same, constants are not copied, damaged files
// are refused.
#include "octet/import/octet_file.hpp"

#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>

#include "octet/import/tflite.hpp"
#include "octet/octet.hpp"

namespace {
octet::graph digits() {
  return octet::import::tflite(OCTET_SOURCE_DIR "/examples/digits/digits.tflite");
}
std::span<const std::byte> bytes_of(const std::string& s) { return std::as_bytes(std::span(s)); }
void resum(std::string& s) {
  const std::uint32_t c = octet::import::detail::crc32(bytes_of(s).subspan(64));
  std::memcpy(s.data() + 12, &c, 4);
}
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
