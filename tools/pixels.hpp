// From pixels to a network's input tensor.
#ifndef OCTET_TOOLS_PIXELS_HPP_
#define OCTET_TOOLS_PIXELS_HPP_

#include <algorithm>
#include <cmath>

#include "labels.hpp"
#include "resize.hpp"

OCTET_FP_EXACT_BEGIN
namespace octet::tools {

/// Height, width, channels and layout of an image input. height 0: not an image's shape.
struct image_shape {
  int height = 0, width = 0, channels = 0;
  bool nchw = false;
};

/// [1,H,W,C], [1,C,H,W], [H,W,C], [C,H,W] or [H,W], with C 1 or 3. Where both readings fit,
/// channels are last.
inline image_shape image_shape_of(const dims& d) {
  if (d.rank == 2) return {d[0], d[1], 1, false};
  if (d.rank != 3 && !(d.rank == 4 && d[0] == 1)) return {};
  const auto channels = [](std::int32_t c) { return c == 1 || c == 3; };
  if (channels(d.back(0))) return {d.back(2), d.back(1), d.back(0), false};
  if (channels(d.back(2))) return {d.back(1), d.back(0), d.back(2), true};
  return {};
}

/// How pixels become numbers. Without mean and std: float inputs take x / 255, uint8 inputs the
/// pixel, int8 inputs the pixel - 128: what the quantized networks at hand were made for. With
/// them: (x / 255 - mean) / std, every step rounded to binary32 as torchvision does it (mean = std
/// = 0.5 gives the bits of x / 127.5 - 1), then, for quantized inputs, q = round(x / scale) + zero
/// point, ties away from zero, clamped.
struct pixel_rule {
  std::vector<float> mean, std;  // none, one, or one per channel

  static float pick(const std::vector<float>& v, std::size_t c, float otherwise) {
    return v.empty() ? otherwise : v.size() == 1 ? v[0] : v[c];
  }
  float real(std::uint8_t pixel, std::size_t channel) const {
    const float unit = static_cast<float>(pixel) / 255.0f;
    const float centred = unit - pick(mean, channel, 0.0f);
    return centred / pick(std, channel, 1.0f);
  }
  bool given() const { return !mean.empty() || !std.empty(); }
};

/// Fills an input of the given type and shape from an image: resized (stretched) to the input's
/// size, gray where it has one channel.
inline result<array> image_input(const image& from, dtype type, const dims& shape, double scale,
                                 std::int32_t zero_point, const pixel_rule& rule) {
  const image_shape s = image_shape_of(shape);
  if (s.height <= 0 || s.width <= 0)
    return invalid("the input does not take an image", to_string(shape),
                   "[1,H,W,C] or [1,C,H,W] with 1 or 3 channels");
  if (type != dtype::f32 && !is_8bit(type))
    return invalid("element type of an image input", std::string(name_of(type)),
                   "float32, uint8, int8");
  for (const auto* v : {&rule.mean, &rule.std})
    if (v->size() > 1 && v->size() != static_cast<std::size_t>(s.channels))
      return invalid("number of --mean or --std values", std::to_string(v->size()),
                     "1 or " + std::to_string(s.channels));
  for (float v : rule.mean)
    if (!(std::abs(v) < 1e30f)) return invalid("--mean", std::to_string(v), "finite numbers");
  for (float v : rule.std)
    if (!(v > 0)) return invalid("--std", std::to_string(v), "positive numbers");
  const image sized = resize_bilinear(s.channels == 1 ? to_gray(from) : from, s.width, s.height);

  array a{type, shape, std::vector<std::byte>(shape.elements().value * size_of(type))};
  const auto channels = static_cast<std::size_t>(s.channels),
             area = static_cast<std::size_t>(s.height) * static_cast<std::size_t>(s.width);
  for (std::size_t c = 0; c < channels; ++c) {
    // One table per channel: all arithmetic happens 256 times.
    std::byte table[256][4] = {};
    for (int p = 0; p < 256; ++p) {
      const auto pixel = static_cast<std::uint8_t>(p);
      if (type == dtype::f32) {
        const float v = rule.real(pixel, c);
        std::memcpy(table[p], &v, sizeof v);
      } else if (!rule.given()) {
        table[p][0] = static_cast<std::byte>(type == dtype::u8 ? p : p - 128);
      } else {
        const double q = std::round(static_cast<double>(rule.real(pixel, c)) / scale) + zero_point;
        const auto clamped = static_cast<int>(std::clamp(q, static_cast<double>(lowest_of(type)),
                                                         static_cast<double>(highest_of(type))));
        table[p][0] = static_cast<std::byte>(clamped);
      }
    }
    const std::size_t size = size_of(type);
    for (std::size_t i = 0; i < area; ++i) {
      const std::size_t to = s.nchw ? c * area + i : i * channels + c;
      std::memcpy(a.bytes.data() + to * size, table[sized.pixels[i * channels + c]], size);
    }
  }
  return a;
}

}  // namespace octet::tools
OCTET_FP_EXACT_END

#endif  // OCTET_TOOLS_PIXELS_HPP_
