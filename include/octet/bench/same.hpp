// When two runs of a graph count as the same.
#ifndef OCTET_BENCH_SAME_HPP_
#define OCTET_BENCH_SAME_HPP_

#include <cstddef>
#include <cstring>
#include <vector>

#include "octet/core/granular.hpp"
#include "octet/core/types.hpp"

OCTET_NAMESPACE_BEGIN
namespace bench {

/// Elements of one tensor from two runs: bit for bit; of NaN in float32 every one is as good as
/// another.
inline bool same_elements(const std::vector<std::byte>& a, const std::vector<std::byte>& b,
                          dtype type) {
  if (a == b) return true;
  if (type != dtype::f32 || a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); i += 4) {
    float x, y;
    std::memcpy(&x, &a[i], 4);
    std::memcpy(&y, &b[i], 4);
    if (std::memcmp(&x, &y, 4) != 0 && (x == x || y == y)) return false;
  }
  return true;
}

}  // namespace bench
OCTET_NAMESPACE_END

#endif  // OCTET_BENCH_SAME_HPP_
