// Image resizing with the very bits of Pillow's Image.resize(size, Image.BILINEAR) on 8-bit images:
// Pillow up to 12, which always runs the horizontal pass first. Pillow 13 begins with the vertical
// one where that is cheaper (tall images), which rounds a few pixels differently.
#ifndef OCTET_TOOLS_RESIZE_HPP_
#define OCTET_TOOLS_RESIZE_HPP_

#include <algorithm>
#include <cstdint>
#include <vector>

#include "octet/core/config.hpp"

OCTET_FP_EXACT_BEGIN
namespace octet::tools {

/// Interleaved 8-bit pixels, row after row, without padding. channels: 3 (RGB) or 1 (gray).
struct image {
  int width = 0, height = 0, channels = 3;
  std::vector<std::uint8_t> pixels;
};

namespace detail {

/// For every output position of one axis: where its input window begins and its fixed-point weights
/// (22 fractional bits).
struct resize_axis {
  static constexpr int bits =
      32 - 8 - 2;  // 8 bits of pixel, 2 bits of headroom for filters that overshoot
  struct window {
    int begin, count;
  };
  int taps = 0;  // weights reserved per position
  std::vector<window> windows;
  std::vector<std::int32_t> weights;

  /// A triangle of half-width 1 input pixel, or `from / to` when shrinking: the window grows with
  /// the reduction (antialiasing).
  resize_axis(int from, int to) {
    const double scale = static_cast<double>(from) / to;
    const double stretch = std::max(scale, 1.0), support = stretch, inverse = 1.0 / stretch;
    const int whole = static_cast<int>(support);
    taps = (static_cast<double>(whole) < support ? whole + 1 : whole) * 2 + 1;
    weights.resize(static_cast<std::size_t>(to) * static_cast<std::size_t>(taps));
    std::vector<double> w(static_cast<std::size_t>(taps));
    for (int o = 0; o < to; ++o) {
      const double centre = (o + 0.5) * scale;
      const int begin = std::max(static_cast<int>(centre - support + 0.5), 0);
      const int count = std::min(static_cast<int>(centre + support + 0.5), from) - begin;
      double sum = 0;
      for (int i = 0; i < count; ++i) {
        double x = (i + begin - centre + 0.5) * inverse;
        if (x < 0) x = -x;
        w[static_cast<std::size_t>(i)] = x < 1.0 ? 1.0 - x : 0.0;
        sum += w[static_cast<std::size_t>(i)];
      }
      std::int32_t* fixed = weights.data() + static_cast<std::ptrdiff_t>(o) * taps;
      for (int i = 0; i < count; ++i) {
        double v = w[static_cast<std::size_t>(i)];
        if (sum != 0.0) v /= sum;
        fixed[i] = static_cast<std::int32_t>(
            0.5 + v * (1 << bits));  // weights of a triangle are never negative
      }
      windows.push_back({begin, count});
    }
  }
};

inline std::uint8_t to_pixel(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> resize_axis::bits, 0, 255));
}

}  // namespace detail

/// Stretches an image to width x height (both positive). Horizontal pass first, rounded to 8 bits
/// between the passes.
inline image resize_bilinear(const image& in, int width, int height) {
  using detail::resize_axis;
  constexpr std::int32_t half = 1 << (resize_axis::bits - 1);
  const auto c = static_cast<std::size_t>(in.channels);
  image across{width, in.height, in.channels, {}};
  if (width == in.width) {
    across.pixels = in.pixels;
  } else {
    const resize_axis axis(in.width, width);
    across.pixels.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(in.height) * c);
    std::uint8_t* to = across.pixels.data();
    for (int y = 0; y < in.height; ++y) {
      const std::uint8_t* row =
          in.pixels.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(in.width) * c;
      for (int x = 0; x < width; ++x) {
        const auto [begin, count] = axis.windows[static_cast<std::size_t>(x)];
        const std::int32_t* w = axis.weights.data() + static_cast<std::ptrdiff_t>(x) * axis.taps;
        for (std::size_t k = 0; k < c; ++k) {
          std::int32_t sum = half;
          for (int i = 0; i < count; ++i)
            sum += row[static_cast<std::size_t>(begin + i) * c + k] * w[i];
          *to++ = detail::to_pixel(sum);
        }
      }
    }
  }
  if (height == in.height) return across;
  const resize_axis axis(in.height, height);
  image out{width, height, in.channels,
            std::vector<std::uint8_t>(static_cast<std::size_t>(width) *
                                      static_cast<std::size_t>(height) * c)};
  const std::size_t stride = static_cast<std::size_t>(width) * c;
  std::uint8_t* to = out.pixels.data();
  for (int y = 0; y < height; ++y) {
    const auto [begin, count] = axis.windows[static_cast<std::size_t>(y)];
    const std::int32_t* w = axis.weights.data() + static_cast<std::ptrdiff_t>(y) * axis.taps;
    for (std::size_t x = 0; x < stride; ++x) {
      std::int32_t sum = half;
      for (int i = 0; i < count; ++i)
        sum += across.pixels[static_cast<std::size_t>(begin + i) * stride + x] * w[i];
      *to++ = detail::to_pixel(sum);
    }
  }
  return out;
}

/// RGB to gray with Pillow's convert("L"): ITU-R 601-2 luma in 16-bit fixed point.
inline image to_gray(const image& in) {
  if (in.channels == 1) return in;
  image out{in.width, in.height, 1, std::vector<std::uint8_t>(in.pixels.size() / 3)};
  for (std::size_t i = 0; i < out.pixels.size(); ++i) {
    const std::uint8_t* p = in.pixels.data() + 3 * i;
    out.pixels[i] =
        static_cast<std::uint8_t>((p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 0x8000u) >> 16);
  }
  return out;
}

}  // namespace octet::tools
OCTET_FP_EXACT_END

#endif  // OCTET_TOOLS_RESIZE_HPP_
