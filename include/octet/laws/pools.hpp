// The order in which ONNX Runtime's pools sum floats.
#ifndef OCTET_LAWS_POOLS_HPP_
#define OCTET_LAWS_POOLS_HPP_

#include <array>
#include <cstdint>

#include "octet/core/config.hpp"

OCTET_COLD_NAMESPACE_BEGIN
namespace laws {

/// sequence: row by row; columns: each column of a window over its rows, then their sums from left
/// to right; lanes: elements 4i, 4i + 1, ... of the flat image each by themselves, (0 + 2) +
/// (1 + 3), then the up to three that are left. One division follows.
enum class pool_order : std::uint8_t { sequence, columns, lanes };

/// Channels that its blocked kernels take at once: 8 with AVX2 (16 with AVX-512, where what has 8
/// but not 16 of them is summed as if it were not blocked; octet has AVX2's bits everywhere).
inline constexpr std::int32_t pool_block = 8;
constexpr bool blocks_channels(std::int32_t channels) { return channels % pool_block == 0; }

/// A pool over depth, height and width; of images and rows what is not there is 1.
struct pooled_window {
  bool row = false;
  bool blocked = false;      // four axes, blocks_channels
  bool plain_loops = false;  // AveragePool of opset 19 and later, or counted padding and ceil_mode
  std::array<std::int32_t, 3> image{1, 1, 1}, window{1, 1, 1}, stride{1, 1, 1}, before{}, after{};
};
/// Its vector kernels hold a row of sums in a buffer of 2048 elements, 3 of which are read beyond
/// the row, take two outputs' distance at most and windows up to 32.
constexpr pool_order order_of_pool(const pooled_window& p) {
  if (p.blocked || p.plain_loops) return pool_order::sequence;
  bool padded = false, steps = false, small = true;
  for (std::size_t i = 0; i < 3; ++i) {
    padded |= p.before[i] != 0 || p.after[i] != 0;
    steps |= p.stride[i] != 1;
    small &= p.window[i] <= 32;
  }
  if (!padded && !steps && p.window == p.image) return pool_order::lanes;
  const std::int64_t width = std::int64_t{p.image[2]} + p.before[2] + p.after[2];
  return !p.row && small && p.stride[2] <= 2 && width <= 2045 ? pool_order::columns
                                                              : pool_order::sequence;
}

}  // namespace laws
OCTET_NAMESPACE_END

#endif  // OCTET_LAWS_POOLS_HPP_
