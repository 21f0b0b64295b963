// When two runs of a graph count as the same.
#ifndef OCTET_BENCH_SAME_HPP_
#define OCTET_BENCH_SAME_HPP_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "octet/core/granular.hpp"
#include "octet/core/types.hpp"

OCTET_NAMESPACE_BEGIN
namespace bench {

/// Whether the element that begins at `at` is NaN.
inline bool is_nan(const std::byte* at, dtype type) {
  const auto above = [at]<class U>(U infinity) {
    U bits;
    std::memcpy(&bits, at, sizeof bits);
    constexpr U magnitude = static_cast<U>(~U{0}) >> 1;
    return static_cast<U>(bits & magnitude) > infinity;
  };
  switch (type) {
    case dtype::f16: return above(std::uint16_t{0x7c00});
    case dtype::f32: return above(std::uint32_t{0x7f800000});
    case dtype::f64: return above(std::uint64_t{0x7ff0000000000000});
    case dtype::s8:
    case dtype::u8:
    case dtype::s16:
    case dtype::u16:
    case dtype::s32:
    case dtype::u32:
    case dtype::s64:
    case dtype::u64:
    case dtype::boolean: break;
  }
  return false;
}
/// Elements of one tensor from two runs: bit for bit; of NaN every one is as good as another (which
/// operand's a sum keeps, compilers choose).
inline bool same_elements(const std::vector<std::byte>& a, const std::vector<std::byte>& b,
                          dtype type) {
  if (a == b) return true;
  if (a.size() != b.size()) return false;
  const std::size_t size = size_of(type);
  for (std::size_t i = 0; i < a.size(); i += size)
    if (std::memcmp(&a[i], &b[i], size) != 0 && !(is_nan(&a[i], type) && is_nan(&b[i], type)))
      return false;
  return true;
}

}  // namespace bench
OCTET_NAMESPACE_END

#endif  // OCTET_BENCH_SAME_HPP_
