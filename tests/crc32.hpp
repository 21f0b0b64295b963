// CRC-32 (IEEE 802.3, as zip and gzip use it) for tests, apart from the one that octet reads with:
// of files that they make or damage, and of outputs that a manifest knows by it.
#ifndef OCTET_TESTS_CRC32_HPP_
#define OCTET_TESTS_CRC32_HPP_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace octet_test {

constexpr std::uint32_t crc32(std::span<const std::byte> bytes) {
  constexpr auto table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int k = 0; k < 8; ++k) c = (c >> 1) ^ (c & 1 ? 0xEDB88320u : 0);
      t[i] = c;
    }
    return t;
  }();
  std::uint32_t c = 0xFFFFFFFFu;
  for (std::byte b : bytes) c = table[(c ^ static_cast<std::uint32_t>(b)) & 255] ^ (c >> 8);
  return ~c;
}

}  // namespace octet_test

#endif  // OCTET_TESTS_CRC32_HPP_
