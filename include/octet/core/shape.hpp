// Shapes and checked size arithmetic.
#ifndef OCTET_CORE_SHAPE_HPP_
#define OCTET_CORE_SHAPE_HPP_

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>

#include "octet/core/types.hpp"

OCTET_NAMESPACE_BEGIN

/// a * b, or SIZE_MAX when it does not fit: sizes near SIZE_MAX are refused everywhere, so the
/// sentinel is never taken for a size.
constexpr std::size_t saturating_mul(std::size_t a, std::size_t b) noexcept {
  return a != 0 && b > std::numeric_limits<std::size_t>::max() / a
             ? std::numeric_limits<std::size_t>::max()
             : a * b;
}
constexpr std::size_t saturating_add(std::size_t a, std::size_t b) noexcept {
  return a > std::numeric_limits<std::size_t>::max() - b ? std::numeric_limits<std::size_t>::max()
                                                         : a + b;
}
constexpr std::size_t round_up(std::size_t a, std::size_t to) noexcept {
  return (a + to - 1) / to * to;
}

/// A count, extent or index that is not negative, as a size.
template <std::integral T> constexpr std::size_t as_size(T v) noexcept {
  return static_cast<std::size_t>(v);
}
/// An extent or index as a distance between elements, which may be negative.
template <std::integral T> constexpr std::ptrdiff_t as_distance(T v) noexcept {
  return static_cast<std::ptrdiff_t>(v);
}
/// The product of extents, none negative, without a check: where the tensor was accepted already.
template <std::integral... T> constexpr std::size_t product_of(T... extents) noexcept {
  return (std::size_t{1} * ... * as_size(extents));
}
/// Extents of each image of a tensor in NHWC order.
struct image_extents {
  std::int32_t height, width, channels;
};
/// Element (row y, column x, channel c) of image n. Coordinates are inside the tensor.
template <std::integral N, std::integral Y, std::integral X, std::integral C>
constexpr std::size_t nhwc_index(const image_extents& of, N n, Y y, X x, C c) noexcept {
  return ((as_size(n) * as_size(of.height) + as_size(y)) * as_size(of.width) + as_size(x)) *
             as_size(of.channels) +
         as_size(c);
}
/// Image and row of the i-th row of a batch of images of that height, all rows counted.
struct image_row {
  std::int32_t image, y;
};
constexpr image_row image_row_of(std::size_t i, std::int32_t height) noexcept {
  return {static_cast<std::int32_t>(i / as_size(height)),
          static_cast<std::int32_t>(i % as_size(height))};
}

/// The largest tensor octet accepts, in elements: index arithmetic in kernels may use 32-bit signed
/// offsets within one tensor.
inline constexpr std::size_t max_elements = (std::size_t{1} << 31) - 1;

/// Extents of a tensor, outermost first (NHWC for images), at most max_rank of them. Rank 0 is a
/// scalar with one element.
struct dims {
  static constexpr int max_rank = 8;
  std::array<std::int32_t, max_rank> extent{};
  std::int32_t rank = 0;

  constexpr dims() = default;
  constexpr dims(std::initializer_list<std::int32_t> e) {
    for (std::int32_t v : e) push_back(v);
  }
  constexpr void push_back(std::int32_t v) {
    if (rank < max_rank) extent[static_cast<std::size_t>(rank++)] = v;
  }
  constexpr std::int32_t operator[](int i) const { return extent[static_cast<std::size_t>(i)]; }
  constexpr std::int32_t& operator[](int i) { return extent[static_cast<std::size_t>(i)]; }
  /// Extent counted from the innermost: back(0) is the last one; 1 where the rank is smaller.
  constexpr std::int32_t back(int i) const {
    return i < rank ? extent[static_cast<std::size_t>(rank - 1 - i)] : 1;
  }
  constexpr const std::int32_t* begin() const { return extent.data(); }
  constexpr const std::int32_t* end() const { return extent.data() + rank; }
  /// Number of elements; SIZE_MAX where it overflows; 0 where an extent is 0 or negative.
  constexpr Elements elements() const noexcept {
    std::size_t n = 1;
    for (std::int32_t v : *this) n = saturating_mul(n, v < 0 ? 0 : static_cast<std::size_t>(v));
    return Elements(n);
  }
  constexpr bool operator==(const dims& o) const noexcept {
    if (rank != o.rank) return false;
    for (int i = 0; i < rank; ++i)
      if ((*this)[i] != o[i]) return false;
    return true;
  }
};

/// Numpy/TFLite broadcasting of two shapes; rank -1 where they do not broadcast.
constexpr dims broadcast(const dims& a, const dims& b) {
  dims r;
  r.rank = a.rank > b.rank ? a.rank : b.rank;
  for (int i = 0; i < r.rank; ++i) {
    const std::int32_t x = a.back(i), y = b.back(i);
    if (x != y && x != 1 && y != 1) {
      r.rank = -1;
      return r;
    }
    r[r.rank - 1 - i] = x == 1 ? y : x;
  }
  return r;
}

OCTET_NAMESPACE_END

#endif  // OCTET_CORE_SHAPE_HPP_
