// resize_nearest (pure data movement), qnn.resize_bilinear and resize_bilinear (float32): NHWC.
#ifndef OCTET_OPS_RESIZE_HPP_
#define OCTET_OPS_RESIZE_HPP_

#include <algorithm>

#include "octet/laws/windows.hpp"
#include "octet/numerics/fma.hpp"
#include "octet/ops/movement.hpp"
#include "octet/ops/requantize.hpp"

OCTET_NAMESPACE_BEGIN

struct resize_attrs {
  std::int32_t out_h = 0, out_w = 0;
  bool align_corners = false, half_pixel_centers = false;
  double scale_h = 0, scale_w = 0;  // > 0: the factor that was asked for (PyTorch, ONNX); source
                                    // steps are f32(1 / factor), not the ratio of extents (ORT
                                    // divides by the factor)
  static constexpr auto fields =
      field_list{field{"out_h", &resize_attrs::out_h},
                 field{"out_w", &resize_attrs::out_w},
                 field{"align_corners", &resize_attrs::align_corners},
                 field{"half_pixel_centers", &resize_attrs::half_pixel_centers},
                 field{"scale_h", &resize_attrs::scale_h},
                 field{"scale_w", &resize_attrs::scale_w}};
};
constexpr shape_or resize_shape(const resize_attrs& a, const dims& x) {
  if (x.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, x};
  if (a.out_h < 1 || a.out_w < 1 || x[1] < 1 || x[2] < 1)
    return violation{rule::value, dims{1, 1}, dims{a.out_h, a.out_w}};
  return dims{x[0], a.out_h, a.out_w, x[3]};
}

/// Source row or column of nearest neighbour: f32((o + offset) * scale), floored (align_corners:
/// rounded, ties away), clamped.
constexpr std::int32_t nearest_source(std::int32_t o, std::int32_t in, std::int32_t out,
                                      bool align_corners, bool half_pixel_centers,
                                      double factor = 0) {
  const float scale = factor > 0 ? static_cast<float>(numerics::div(1.0, factor))
                      : align_corners && out > 1
                          ? numerics::div(static_cast<float>(in - 1), static_cast<float>(out - 1))
                          : numerics::div(static_cast<float>(in), static_cast<float>(out));
  const float at =
      numerics::mul(numerics::add(static_cast<float>(o), half_pixel_centers ? 0.5f : 0.f), scale);
  return numerics::clamp_to_int(
      static_cast<double>(align_corners ? numerics::round_half_away(at) : numerics::floor(at)), 0,
      in - 1);
}
/// One axis of bilinear interpolation at output index o: two source indices and the weight of the
/// second one, in the unit of the law.
struct bilinear_tap {
  std::int32_t lo = 0, hi = 0;
  std::int32_t weight = 0;  // integer laws: of 1024 (DR) or 2048 (XNN)
  float fraction = 0;       // float laws
};
struct resize_params {
  rounding mode =
      rounding::none;  // none: plain float32; DR: TFLite's Q10 integers; OPT: TFLite's float form
                       // for uint8; XNN; PyTorch: ATEN contiguous, FMA channels last; ORT
                       // float32: ATEN along the rows, then between them, FMA by channels
  std::int32_t zero_point = 0, lo_value = 0, hi_value = 0;  // ATEN, FMA
  dtype type = dtype::u8;
  std::int32_t batch, in_h, in_w, channels, out_h, out_w;
  const std::int32_t* rows = nullptr;  // nearest: source of every output row and column
  const std::int32_t* columns = nullptr;
  const bilinear_tap* row_taps = nullptr;  // bilinear
  const bilinear_tap* column_taps = nullptr;
};

namespace numerics {
/// TFLite's 10-bit coordinates.
constexpr bilinear_tap bilinear_q10(std::int32_t o, std::int32_t in, std::int32_t out,
                                    bool align_corners, bool half_pixel_centers) {
  std::int64_t scale = ((std::int64_t{1} << 10) * in + out / 2) / out;
  if (align_corners && out > 1)
    scale = ((std::int64_t{1} << 10) * (in - 1) + (out - 1) / 2) / (out - 1);
  std::int64_t p = o * scale;
  if (half_pixel_centers) p += scale / 2 - (1 << 9);
  const std::int64_t lo = p / 1024 > 0 ? p / 1024 : 0, up = (p + 1023) / 1024;
  if (lo > in - 1)
    return {
        in - 1, in - 1, 0,
        0};  // the rounded scale of a very large output runs past the image; TFLite reads beyond it
  return {static_cast<std::int32_t>(lo), static_cast<std::int32_t>(up < in - 1 ? up : in - 1),
          static_cast<std::int32_t>(p - 1024 * lo), 0};
}
/// TFLite's float coordinates.
constexpr bilinear_tap bilinear_float(std::int32_t o, std::int32_t in, std::int32_t out,
                                      bool align_corners, bool half_pixel_centers) {
  float scale = div(static_cast<float>(in), static_cast<float>(out));
  if (align_corners && out > 1)
    scale = div(static_cast<float>(in - 1), static_cast<float>(out - 1));
  const float at = half_pixel_centers ? sub(mul(add(static_cast<float>(o), 0.5f), scale), 0.5f)
                                      : mul(static_cast<float>(o), scale);
  const std::int32_t lo = clamp_to_int(static_cast<double>(floor(at)), 0, in - 1),
                     hi = clamp_to_int(static_cast<double>(-floor(-at)), 0, in - 1);
  return {lo, hi, 0, sub(at, static_cast<float>(lo))};
}
/// XNNPACK's clamped float coordinates, and 11-bit weights of them.
constexpr bilinear_tap bilinear_xnn(std::int32_t o, std::int32_t in, std::int32_t out,
                                    bool align_corners, bool half_pixel_centers) {
  const bool corners = align_corners && out != 1;
  const float scale =
      div(static_cast<float>(in - (corners ? 1 : 0)), static_cast<float>(out - (corners ? 1 : 0)));
  float at = mul(static_cast<float>(o), scale);
  if (half_pixel_centers && !align_corners) at = add(at, sub(mul(0.5f, scale), 0.5f));
  const float last = static_cast<float>(in - 1);
  at = at < 0 ? 0 : at > last ? last : at;
  const auto lo = static_cast<std::int32_t>(at);
  const std::int32_t hi = lo + 1 < in ? lo + 1 : in - 1;
  const float fraction = sub(at, static_cast<float>(lo));
  return {lo, hi, static_cast<std::int32_t>(rint(mul(fraction, 2048.f))), fraction};
}
/// PyTorch's coordinates, never below 0; `fused`: as its channels-last kernels are compiled.
constexpr bilinear_tap bilinear_aten(std::int32_t o, std::int32_t in, std::int32_t out,
                                     bool align_corners, double factor, bool fused) {
  float scale = 0;
  if (align_corners)
    scale = out > 1 ? div(static_cast<float>(in - 1), static_cast<float>(out - 1)) : 0.f;
  else
    scale = factor > 0 ? static_cast<float>(div(1.0, factor))
                       : div(static_cast<float>(in), static_cast<float>(out));
  const auto i = static_cast<float>(o);
  float at = align_corners ? mul(scale, i)
             : fused       ? fma(scale, add(i, 0.5f), -0.5f)
                           : sub(mul(scale, add(i, 0.5f)), 0.5f);
  if (at < 0) at = 0;
  const std::int32_t lo = clamp_to_int(static_cast<double>(floor(at)), 0, in - 1);
  return {lo, lo < in - 1 ? lo + 1 : lo, 0, sub(at, static_cast<float>(lo))};
}
/// The same of PyTorch's float kernels, which keep weights within [0, 1] and copy an axis that
/// keeps its extent.
constexpr bilinear_tap bilinear_aten_float(std::int32_t o, std::int32_t in, std::int32_t out,
                                           bool align_corners, double factor, bool fused) {
  if (in == out) return {o, o, 0, 0};
  bilinear_tap t = bilinear_aten(o, in, out, align_corners, factor, fused);
  if (t.fraction > 1) t.fraction = 1;
  return t;
}
/// ONNX Runtime's coordinates, clamped to the image. The last row and column are blended with
/// themselves, half and half.
constexpr bilinear_tap bilinear_ort(std::int32_t o, std::int32_t in, std::int32_t out,
                                    bool align_corners, bool half_pixel_centers, double factor) {
  const auto i = static_cast<float>(o);
  const float scale = factor > 0 ? static_cast<float>(factor)
                                 : div(static_cast<float>(out), static_cast<float>(in));
  float at = 0;
  if (align_corners)
    at = out > 1 ? div(mul(i, static_cast<float>(in - 1)), static_cast<float>(out - 1)) : 0.f;
  else if (half_pixel_centers)
    at = sub(div(add(i, 0.5f), scale), 0.5f);
  else
    at = div(i, scale);
  const float last = static_cast<float>(in - 1);
  at = at < 0 ? 0 : at > last ? last : at;
  const auto lo = static_cast<std::int32_t>(at);
  if (lo + 1 >= in) return {lo, lo, 0, 0.5f};
  return {lo, lo + 1, 0, sub(at, static_cast<float>(lo))};
}
/// Weights are multiplied first.
constexpr float blend_ort(float tl, float tr, float bl, float br, float fy, float fx) {
  const float gy = sub(1.f, fy), gx = sub(1.f, fx);
  float v = mul(mul(gx, gy), tl);
  v = add(v, mul(mul(fx, gy), tr));
  v = add(v, mul(mul(gx, fy), bl));
  return add(v, mul(mul(fx, fy), br));
}
/// One value of PyTorch's interpolation before the rounding. `fused`: 0 none; 1 whole blocks of 8
/// channels, 2 the channels after them, of the channels-last kernel.
constexpr float blend_aten(float tl, float tr, float bl, float br, float fy, float fx, int fused) {
  const float gy = sub(1.f, fy), gx = sub(1.f, fx);
  if (fused == 0)
    return add(mul(gy, add(mul(gx, tl), mul(fx, tr))), mul(fy, add(mul(gx, bl), mul(fx, br))));
  if (fused == 1) return fma(fy, fma(fx, br, mul(gx, bl)), mul(gy, fma(fx, tr, mul(gx, tl))));
  return fma(gy, fma(gx, tl, mul(fx, tr)), mul(fy, fma(gx, bl, mul(fx, br))));
}
/// One float of PyTorch's interpolation along the rows, then between them.
constexpr float blend_aten_float(float tl, float tr, float bl, float br, float fy, float fx) {
  const float gy = sub(1.f, fy), gx = sub(1.f, fx);
  return fma(fma(tl, gx, mul(tr, fx)), gy, mul(fma(bl, gx, mul(br, fx)), fy));
}
/// Of its kernel of channels, whose weights are products: whole blocks of 8, and the channels
/// behind them.
constexpr float blend_aten_block(float tl, float tr, float bl, float br, float fy, float fx) {
  const float gy = sub(1.f, fy), gx = sub(1.f, fx);
  const float bottom = fma(br, mul(fy, fx), mul(bl, mul(fy, gx)));
  return fma(tl, mul(gy, gx), fma(tr, mul(gy, fx), bottom));
}
constexpr float blend_aten_rest(float tl, float tr, float bl, float br, float fy, float fx) {
  const float gy = sub(1.f, fy), gx = sub(1.f, fx);
  const float top = fma(tl, mul(gy, gx), mul(tr, mul(gy, fx)));
  return fma(br, mul(fy, fx), fma(bl, mul(fy, gx), top));
}
constexpr std::int32_t blend_q10(std::int32_t tl, std::int32_t tr, std::int32_t bl, std::int32_t br,
                                 std::int32_t wy, std::int32_t wx) {
  const std::int64_t v = std::int64_t{tl} * (1024 - wy) * (1024 - wx) +
                         std::int64_t{bl} * wy * (1024 - wx) + std::int64_t{tr} * (1024 - wy) * wx +
                         std::int64_t{br} * wy * wx;
  return static_cast<std::int32_t>((v > 0 ? v + (1 << 19) : v - (1 << 19)) / (1 << 20));
}
constexpr std::int32_t blend_xnn(std::int32_t tl, std::int32_t tr, std::int32_t bl, std::int32_t br,
                                 std::int32_t wy, std::int32_t wx) {
  const std::int32_t t = tl * 2048 + (tr - tl) * wx, b = bl * 2048 + (br - bl) * wx;
  return static_cast<std::int32_t>(
      (std::int64_t{t} * 2048 + std::int64_t{b - t} * wy + (1 << 21)) >> 22);
}
/// XNNPACK's: along the rows, then between them.
constexpr float blend_xnn_float(float tl, float tr, float bl, float br, float fy, float fx) {
  const float t = add(tl, mul(sub(tr, tl), fx)), b = add(bl, mul(sub(br, bl), fx));
  return add(t, mul(sub(b, t), fy));
}
/// Four products left to right, one rounding each.
constexpr float blend_float(float tl, float tr, float bl, float br, float fy, float fx) {
  const float gy = sub(1.f, fy), gx = sub(1.f, fx);
  float v = mul(mul(tl, gy), gx);
  v = add(v, mul(mul(bl, fy), gx));
  v = add(v, mul(mul(tr, gy), fx));
  return add(v, mul(mul(br, fy), fx));
}
}  // namespace numerics

namespace reference {
template <class T>
constexpr void resize_nearest(const resize_params& p, const T* x, T* y, std::size_t begin,
                              std::size_t end) {
  const image_extents image{p.in_h, p.in_w, p.channels};
  for (std::size_t row = begin; row < end; ++row) {
    const auto [n, oy] = image_row_of(row, p.out_h);
    T* to = y + row * product_of(p.out_w, p.channels);
    for (std::int32_t ox = 0; ox < p.out_w; ++ox)
      to = std::copy_n(x + nhwc_index(image, n, p.rows[oy], p.columns[ox], 0), p.channels, to);
  }
}
/// The four pixels around an output's, and where it lies between them.
template <class T> struct bilinear_square {
  T tl, tr, bl, br;
  bilinear_tap v, h;
  /// By the formula of binary32 weights.
  constexpr float blended(float (*blend)(float, float, float, float, float, float)) const {
    return blend(static_cast<float>(tl), static_cast<float>(tr), static_cast<float>(bl),
                 static_cast<float>(br), v.fraction, h.fraction);
  }
};
/// PyTorch's value; k: the channel.
template <class T>
constexpr std::int32_t blend_aten(const resize_params& p, const bilinear_square<T>& s,
                                  std::size_t k) {
  const bool in_block = k < as_size(p.channels) / 8 * 8;
  const float t = numerics::blend_aten(static_cast<float>(s.tl), static_cast<float>(s.tr),
                                       static_cast<float>(s.bl), static_cast<float>(s.br),
                                       s.v.fraction, s.h.fraction,
                                       p.mode == rounding::aten ? 0
                                       : in_block               ? 1
                                                                : 2);
  return numerics::clamp_to_int(
      static_cast<double>(numerics::rint(numerics::sub(t, static_cast<float>(p.zero_point)))) +
          p.zero_point,
      p.lo_value, p.hi_value);
}
template <class T>
constexpr std::int32_t blend_quantized(const resize_params& p, const bilinear_square<T>& s,
                                       std::size_t k) {
  switch (p.mode) {
    case rounding::doubling_high_half_away:
      return numerics::blend_q10(s.tl, s.tr, s.bl, s.br, s.v.weight, s.h.weight);
    case rounding::xnnpack:
      return numerics::blend_xnn(s.tl, s.tr, s.bl, s.br, s.v.weight, s.h.weight);
    case rounding::aten:
    case rounding::fused_multiply_add: return blend_aten(p, s, k);
    case rounding::tflite_optimized:
      return static_cast<std::int32_t>(numerics::add(s.blended(&numerics::blend_float), 0.5f));
    case rounding::onnxruntime:
      return numerics::clamp_to_int(
          static_cast<double>(numerics::trunc(s.blended(&numerics::blend_ort))), p.lo_value,
          p.hi_value);
    case rounding::none:
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::double_half_away:
    case rounding::float_half_even:
    case rounding::float_bias_half_even:
    case rounding::float_zero_point_half_even:
    case rounding::eight_bit_ratio_half_up:
    case rounding::divide_half_away:
    case rounding::divide_half_even:
    case rounding::reciprocal_half_even:
    case rounding::divide_truncate:
    case rounding::qnnpack:
    case rounding::mxnet: break;  // the forms exclude these
  }
  return p.zero_point;
}
constexpr float blend_real(const resize_params& p, const bilinear_square<float>& s, std::size_t k) {
  switch (p.mode) {
    case rounding::none: return s.blended(&numerics::blend_float);
    case rounding::onnxruntime: return s.blended(&numerics::blend_ort);
    case rounding::aten: return s.blended(&numerics::blend_aten_float);
    case rounding::xnnpack: return s.blended(&numerics::blend_xnn_float);
    case rounding::fused_multiply_add:
      return s.blended(k < as_size(p.channels) / 8 * 8 ? &numerics::blend_aten_block
                                                       : &numerics::blend_aten_rest);
    case rounding::doubling_high_half_away:
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::double_half_away:
    case rounding::float_half_even:
    case rounding::float_bias_half_even:
    case rounding::float_zero_point_half_even:
    case rounding::eight_bit_ratio_half_up:
    case rounding::divide_half_away:
    case rounding::divide_half_even:
    case rounding::reciprocal_half_even:
    case rounding::divide_truncate:
    case rounding::qnnpack:
    case rounding::tflite_optimized:
    case rounding::mxnet: break;  // the forms exclude these
  }
  return 0;
}
template <class T>
constexpr void resize_bilinear(const resize_params& p, const T* x, T* y, std::size_t begin,
                               std::size_t end) {
  const auto c = as_size(p.channels);
  const image_extents image{p.in_h, p.in_w, p.channels};
  for (std::size_t row = begin; row < end; ++row) {
    const auto [n, oy] = image_row_of(row, p.out_h);
    const bilinear_tap v = p.row_taps[oy];
    const T *top = x + nhwc_index(image, n, v.lo, 0, 0),
            *bottom = x + nhwc_index(image, n, v.hi, 0, 0);
    for (std::int32_t ox = 0; ox < p.out_w; ++ox) {
      const bilinear_tap h = p.column_taps[ox];
      const std::size_t l = as_size(h.lo) * c, r = as_size(h.hi) * c;
      T* to = y + (row * as_size(p.out_w) + as_size(ox)) * c;
      for (std::size_t k = 0; k < c; ++k) {
        const bilinear_square<T> square{top[l + k], top[r + k], bottom[l + k], bottom[r + k], v, h};
        if constexpr (std::is_floating_point_v<T>)
          to[k] = blend_real(p, square, k);
        else
          to[k] = static_cast<T>(blend_quantized(p, square, k));
      }
    }
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void resize_nearest_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const resize_params*>(a.params);
  const auto r = part_of(product_of(p.batch, p.out_h), a.part, a.parts);
  with_size(p.type, [&]<class T>(type_tag<T>) {
    resize_nearest(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin, r.end);
  });
}
OCTET_INLINE void resize_bilinear_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const resize_params*>(a.params);
  const auto r = part_of(product_of(p.batch, p.out_h), a.part, a.parts);
  if (p.type == dtype::f32)
    return resize_bilinear(p, static_cast<const float*>(a.in[0]), static_cast<float*>(a.out[0]),
                           r.begin, r.end);
  with_quantized(p.type, [&]<class T>(type_tag<T>) {
    resize_bilinear(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin, r.end);
  });
}
#else
void resize_nearest_kernel(const kernel_args& a) noexcept;
void resize_bilinear_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
constexpr status resize_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, resize_shape(read_attributes<resize_attrs>(*n.attrs), n.in[0].shape));
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void set_resize(resize_params& p, const node_view& n) {
  const dims &x = n.in[0].shape, &y = n.out[0].shape;
  p.mode = n.round;
  p.type = n.in[0].type;
  p.batch = x[0], p.in_h = x[1], p.in_w = x[2], p.channels = x[3];
  p.out_h = y[1], p.out_w = y[2];
}
#endif
/// One entry for each output row, one for each column.
template <class Entry> constexpr void resize_memory(const node_view& n, node_memory& to) {
  to.make<resize_params>();
  to.array<Entry>(as_size(n.out[0].shape[1]));
  to.array<Entry>(as_size(n.out[0].shape[2]));
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status resize_nearest_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<resize_attrs>(*n.attrs);
  auto& p = to.make<resize_params>(&reference::resize_nearest_kernel);
  set_resize(p, n);
  auto rows = to.array<std::int32_t>(as_size(p.out_h)),
       columns = to.array<std::int32_t>(as_size(p.out_w));
  for (std::int32_t i = 0; i < p.out_h; ++i)
    rows[as_size(i)] =
        nearest_source(i, p.in_h, p.out_h, a.align_corners, a.half_pixel_centers, a.scale_h);
  for (std::int32_t i = 0; i < p.out_w; ++i)
    columns[as_size(i)] =
        nearest_source(i, p.in_w, p.out_w, a.align_corners, a.half_pixel_centers, a.scale_w);
  p.rows = rows.data();
  p.columns = columns.data();
  return unit{};
}
/// The tap of output index o of `out`, of an axis of `in` pixels; `factor`: the attribute's, 0:
/// none.
OCTET_INLINE bilinear_tap bilinear_tap_of(rounding r, const resize_attrs& a, std::int32_t o,
                                          std::int32_t in, std::int32_t out, double factor) {
  switch (r) {
    case rounding::none:
    case rounding::tflite_optimized:
      return numerics::bilinear_float(o, in, out, a.align_corners, a.half_pixel_centers);
    case rounding::doubling_high_half_away:
      return numerics::bilinear_q10(o, in, out, a.align_corners, a.half_pixel_centers);
    case rounding::xnnpack:
      return numerics::bilinear_xnn(o, in, out, a.align_corners, a.half_pixel_centers);
    case rounding::aten: return numerics::bilinear_aten(o, in, out, a.align_corners, factor, false);
    case rounding::fused_multiply_add:
      return numerics::bilinear_aten(o, in, out, a.align_corners, factor, true);
    case rounding::onnxruntime:
      return numerics::bilinear_ort(o, in, out, a.align_corners, a.half_pixel_centers, factor);
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::double_half_away:
    case rounding::float_half_even:
    case rounding::float_bias_half_even:
    case rounding::float_zero_point_half_even:
    case rounding::eight_bit_ratio_half_up:
    case rounding::divide_half_away:
    case rounding::divide_half_even:
    case rounding::reciprocal_half_even:
    case rounding::divide_truncate:
    case rounding::qnnpack:
    case rounding::mxnet: break;  // the forms exclude these
  }
  return {};
}
/// The same, of floats or codes: PyTorch's kernels of floats have places of their own.
template <bool Quantized>
bilinear_tap tap_of(rounding r, const resize_attrs& a, std::int32_t o, std::int32_t in,
                    std::int32_t out, double factor) {
  if (!Quantized && (r == rounding::aten || r == rounding::fused_multiply_add))
    return numerics::bilinear_aten_float(o, in, out, a.align_corners, factor,
                                         r == rounding::fused_multiply_add);
  return bilinear_tap_of(r, a, o, in, out, factor);
}
template <bool Quantized> status resize_bilinear_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  if (Quantized && !x.same_quantization(y))
    return unsupported("resize that changes the quantization");
  const auto a = read_attributes<resize_attrs>(*n.attrs);
  auto& p = to.make<resize_params>(&reference::resize_bilinear_kernel, kernel_id::resize_bilinear);
  set_resize(p, n);
  p.zero_point = x.zero_point();
  p.lo_value = static_cast<std::int32_t>(std::max<std::int64_t>(lowest_of(x.type), INT32_MIN)),
  p.hi_value = static_cast<std::int32_t>(std::min<std::int64_t>(highest_of(x.type), INT32_MAX));
  const auto taps = [&](std::int32_t in, std::int32_t out, double factor) {
    auto list = to.array<bilinear_tap>(as_size(out));
    for (std::int32_t i = 0; i < out; ++i)
      list[as_size(i)] = tap_of<Quantized>(n.round, a, i, in, out, factor);
    return list.data();
  };
  p.row_taps = taps(p.in_h, p.out_h, a.scale_h);
  p.column_taps = taps(p.in_w, p.out_w, a.scale_w);
  return unit{};
}
#else
status resize_nearest_prepare(const node_view& n, prepared& to);
template <bool Quantized> status resize_bilinear_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form qnn_resize_bilinear_forms[] = {
    {.in = {quantized_types}, .out = {like(0)}, .roundings = rounding::doubling_high_half_away},
    {.in = {eight_bit},
     .out = {like(0)},
     .roundings = {rounding::xnnpack, rounding::aten, rounding::fused_multiply_add,
                   rounding::onnxruntime}},
    {.in = {dtype::u8}, .out = {dtype::u8}, .roundings = rounding::tflite_optimized},
};
inline constexpr form float_resize_forms[] = {
    {.in = {dtype::f32},
     .out = {dtype::f32},
     .roundings = {rounding::none, rounding::onnxruntime, rounding::aten,
                   rounding::fused_multiply_add, rounding::xnnpack}},
};
inline constexpr op_def resize_nearest{
    .name = "resize_nearest",
    .summary = "images to another size, nearest pixel",
    .forms = movement_forms,
    .attributes = keys_of<resize_attrs>,
    .shape = &resize_op_shape,
    .memory = &resize_memory<std::int32_t>,
    .prepare = &resize_nearest_prepare,
};
inline constexpr op_def qnn_resize_bilinear{
    .name = "qnn.resize_bilinear",
    .summary = "images to another size, quantized pixels blended",
    .forms = qnn_resize_bilinear_forms,
    .quantized = true,
    .kernel = kernel_id::resize_bilinear,
    .attributes = keys_of<resize_attrs>,
    .shape = &resize_op_shape,
    .memory = &resize_memory<bilinear_tap>,
    .prepare = &resize_bilinear_prepare<true>,
    .decide = &laws::resize_bilinear,
};
inline constexpr op_def resize_bilinear{
    .name = "resize_bilinear",
    .summary = "images to another size, pixels blended",
    .forms = float_resize_forms,
    .kernel = kernel_id::resize_bilinear,
    .attributes = keys_of<resize_attrs>,
    .shape = &resize_op_shape,
    .memory = &resize_memory<bilinear_tap>,
    .prepare = &resize_bilinear_prepare<false>,
    .decide = &laws::float_resize_bilinear,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_RESIZE_HPP_
