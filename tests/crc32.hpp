// CRC-32 (IEEE 802.3, as zip and gzip use it) bit by bit: what tests write into files that they
// make or damage, apart from the table that octet reads with.
#ifndef OCTET_TESTS_CRC32_HPP_
#define OCTET_TESTS_CRC32_HPP_

#include <cstddef>
#include <cstdint>
#include <span>

namespace octet_test {

inline std::uint32_t crc32(std::span<const std::byte> bytes) {
  std::uint32_t c = 0xFFFFFFFFu;
  for (const std::byte b : bytes) {
    c ^= std::to_integer<std::uint32_t>(b);
    for (int k = 0; k < 8; ++k) c = (c & 1u) != 0 ? 0xEDB88320u ^ c >> 1 : c >> 1;
  }
  return ~c;
}

}  // namespace octet_test

#endif  // OCTET_TESTS_CRC32_HPP_
