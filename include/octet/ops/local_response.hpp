// l2_pool2d and local_response_normalization: float32, roots and powers of sums of squares.
#ifndef OCTET_OPS_LOCAL_RESPONSE_HPP_
#define OCTET_OPS_LOCAL_RESPONSE_HPP_

#include <algorithm>

#include "octet/laws/functions.hpp"
#include "octet/laws/local_response.hpp"
#include "octet/numerics/math.hpp"
#include "octet/numerics/power_math.hpp"
#include "octet/ops/by_law.hpp"
#include "octet/ops/pool2d.hpp"
#include "octet/ops/work.hpp"

OCTET_NAMESPACE_BEGIN

// ---- l2_pool2d ----

/// y = sqrt(sum of x * x / taps), the squares added in binary32 in the order of the pixels. Under
/// rounding OPT (TFLite's optimized kernel) the sum is multiplied by f32(1 / taps).
namespace reference {
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void l2_pool2d_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const pool2d_params*>(a.params);
  const auto rows = part_of(product_of(p.batch, p.out_h), a.part, a.parts);
  const image_extents image{p.in_h, p.in_w, p.channels};
  const auto* x = static_cast<const float*>(a.in[0]);
  auto* y = static_cast<float*>(a.out[0]) + rows.begin * as_size(p.out_w) * as_size(p.channels);
  for (std::size_t row = rows.begin; row < rows.end; ++row) {
    const auto [n, oy] = image_row_of(row, p.out_h);
    const pool_range v = pool_taps(oy, p.out_h, p.in_h, p.window_h, p.stride_h, 1, p.pad_top,
                                   p.pad_bottom, p.adaptive);
    for (std::int32_t ox = 0; ox < p.out_w; ++ox) {
      const pool_range h = pool_taps(ox, p.out_w, p.in_w, p.window_w, p.stride_w, 1, p.pad_left,
                                     p.pad_right, p.adaptive);
      const auto taps = static_cast<float>((v.end - v.begin) * (h.end - h.begin));
      for (std::int32_t c = 0; c < p.channels; ++c) {
        float sum = 0;
        for (std::int32_t iy = v.begin; iy < v.end; ++iy)
          for (std::int32_t ix = h.begin; ix < h.end; ++ix) {
            const float e = x[nhwc_index(image, n, iy, ix, c)];
            sum = numerics::add(sum, numerics::mul(e, e));
          }
        const float mean = p.mode == rounding::tflite_optimized
                               ? numerics::mul(sum, numerics::div(1.f, taps))
                               : numerics::div(sum, taps);
        *y++ = numerics::clamp(numerics::sqrt_f32(mean), p.min, p.max_value);
      }
    }
  }
}
#else
void l2_pool2d_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference
namespace ops {
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status l2_pool2d_prepare(const node_view& n, prepared& to) {
  if (auto s = pool2d_prepare<false, false, true>(n, to); !s) return s;
  to.reference = &reference::l2_pool2d_kernel;
  return unit{};
}
#else
status l2_pool2d_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form tflite_float_forms[] = {
    {.in = {dtype::f32},
     .out = {dtype::f32},
     .roundings = {rounding::none, rounding::tflite_optimized}},
};
static_assert(roundings_of(tflite_float_forms) ==
                  rounding_set{rounding::none, rounding::tflite_optimized},
              "octet: what prepares these operators takes any other rounding for none");
inline constexpr op_def l2_pool2d{
    .name = "l2_pool2d",
    .summary = "root of the mean square of windows",
    .forms = tflite_float_forms,
    .kernel = kernel_id::pool2d,
    .attributes = keys_of<float_clamp_attrs, pool2d_attrs>,
    .shape = &pool2d_op_shape,
    .memory = &params_only<pool2d_params>,
    .prepare = &l2_pool2d_prepare,
    .decide = &laws::tflite_floats,
    .steps = &window_steps,
};
}  // namespace ops

// ---- local_response_normalization ----

struct local_response_attrs {
  std::int32_t radius = 1;  // channels on each side
  double bias = 1, alpha = 1, beta = 0.5;
  static constexpr auto fields = field_list{
      field{"radius", &local_response_attrs::radius}, field{"bias", &local_response_attrs::bias},
      field{"alpha", &local_response_attrs::alpha}, field{"beta", &local_response_attrs::beta}};
};
/// Along the last axis, channels c of one pixel:
///   none  TFLite's reference: the squares from c - radius up to, but without, c + radius added in
///         binary32; y = x * f32((bias + alpha * sum) ^ -beta), the power in binary64
///   OPT   its optimized kernel: f32(alpha) * x^2 from c - radius to c + radius as a running sum
///         (the next one added, then the oldest taken off), s = f32(bias) + sum; y = x * f32(1 /
///         sqrt(s)) for beta 1/2, x * f32(1 / s) for beta 1, else x * f32(s ^ -beta)
///   ORT   ONNX Runtime's, radius channels on each side: s of the first channel is bias, then
///         f32(f32(alpha) * x^2) of the channels of its window one after another; of each further
///         one that before, plus what enters, less what leaves; y = x * Eigen's s^-beta, of the
///         last elements in ONNX's order (batch, channels, pixels) behind whole vectors of four the
///         rounded one
struct local_response_params {
  std::size_t rows = 0, channels = 0;
  std::size_t pixels = 1;  // of an image: ORT
  std::int32_t radius = 1;
  double bias = 1, alpha = 1, beta = 0.5;
  bool running = false, onnxruntime = false;
};
namespace numerics {
/// s^-beta, the sum being positive as a rule: other sums are left to the rounded power.
constexpr float response_ort(float s, float beta, bool vector) noexcept {
  if (!vector || !(s > 0) || is_infinite(s)) return pow_f32(s, -beta);
  return pow_vector_uniform(s, -beta);
}
constexpr float running_response(float s, float beta) noexcept {
  if (beta == 1.f) return div(1.f, s);
  if (beta == 0.5f) return div(1.f, sqrt_f32(s));
  return pow_f32(s, -beta);
}
}  // namespace numerics
namespace reference {
/// The sums of a row's channels, one after another: ORT and OPT what a power is taken of, none the
/// squares of the window.
class response_sums {
 public:
  constexpr response_sums(const local_response_params& p, const float* x)
      : p_(p),
        x_(x),
        count_(static_cast<std::int64_t>(p.channels)),
        bias_(static_cast<float>(p.bias)),
        alpha_(static_cast<float>(p.alpha)),
        sum_(p.onnxruntime ? bias_ : 0.f) {
    if (!p.onnxruntime && !p.running) return;
    // Terms outside the row are 0 and change nothing: a radius of a million costs a row.
    for (std::int64_t c = 0; c < std::min<std::int64_t>(p.radius + p.onnxruntime, count_); ++c)
      sum_ = numerics::add(sum_, term(c));
  }
  constexpr float next(std::size_t channel) {
    const auto c = static_cast<std::int64_t>(channel);
    if (p_.onnxruntime) {
      if (c > 0) {
        sum_ = numerics::add(sum_, term(c + p_.radius));
        sum_ = numerics::sub(sum_, term(c - p_.radius - 1));
      }
      return sum_;
    }
    if (p_.running) {
      sum_ = numerics::add(sum_, term(c + p_.radius));
      const float s = numerics::add(bias_, sum_);
      sum_ = numerics::sub(sum_, term(c - p_.radius));
      return s;
    }
    float sum = 0;
    const std::int64_t from = c > p_.radius ? c - p_.radius : 0,
                       to = c + p_.radius < count_ ? c + p_.radius : count_;
    for (std::int64_t k = from; k < to; ++k) sum = numerics::add(sum, numerics::mul(x_[k], x_[k]));
    return sum;
  }

 private:
  constexpr float term(std::int64_t c) const {
    return c < 0 || c >= count_ ? 0.f : numerics::mul(alpha_, numerics::mul(x_[c], x_[c]));
  }
  const local_response_params& p_;
  const float* x_;
  std::int64_t count_;
  float bias_, alpha_, sum_;
};
/// Rounding none: (bias + alpha * sum)^-beta.
constexpr float response_of_sum(const local_response_params& p, float sum) noexcept {
  const double s = numerics::add(p.bias, numerics::mul(p.alpha, static_cast<double>(sum)));
  return static_cast<float>(numerics::pow(s, -p.beta));
}
/// ORT: whether the element lies in front of the last whole vector, in ONNX's order.
constexpr bool in_vectors(const local_response_params& p, std::size_t row, std::size_t channel) {
  const std::size_t image = row / p.pixels, pixel = row % p.pixels;
  return (image * p.channels + channel) * p.pixels + pixel < p.rows * p.channels / 4 * 4;
}
constexpr bool all_in_vectors(const local_response_params& p, std::size_t row) {
  return p.channels == 0 || in_vectors(p, row, p.channels - 1);
}
/// Pixel `row` of all images.
constexpr void local_response_row(const local_response_params& p, std::size_t row, const float* x,
                                  float* y) {
  const auto beta = static_cast<float>(p.beta);
  response_sums sums(p, x);
  for (std::size_t c = 0; c < p.channels; ++c) {
    const float s = sums.next(c);
    y[c] =
        numerics::mul(x[c], p.onnxruntime ? numerics::response_ort(s, beta, in_vectors(p, row, c))
                            : p.running   ? numerics::running_response(s, beta)
                                          : response_of_sum(p, s));
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void local_response_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const local_response_params*>(a.params);
  const auto r = part_of(p.rows, a.part, a.parts);
  for (std::size_t row = r.begin; row < r.end; ++row)
    local_response_row(p, row, static_cast<const float*>(a.in[0]) + row * p.channels,
                       static_cast<float*>(a.out[0]) + row * p.channels);
}
#else
void local_response_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference
namespace ops {
constexpr status local_response_op_shape(const node_view& n, std::span<dims> out) {
  if (n.in[0].shape.rank < 1) return violation{rule::rank, dims{1}, n.in[0].shape};
  const auto a = read_attributes<local_response_attrs>(*n.attrs);
  if (a.radius < 0 || a.radius > (1 << 20))
    return violation{rule::value, dims{0, 1 << 20}, dims{a.radius}};
  out[0] = n.in[0].shape;
  return unit{};
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status local_response_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<local_response_attrs>(*n.attrs);
  auto& p =
      to.make<local_response_params>(&reference::local_response_kernel, kernel_id::local_response);
  const dims& x = n.in[0].shape;
  p.channels = as_size(x.back(0));
  p.rows = p.channels == 0 ? 0 : x.elements().value / p.channels;
  p.radius = a.radius;
  p.bias = a.bias, p.alpha = a.alpha, p.beta = a.beta;
  p.running = n.round == rounding::tflite_optimized;
  p.onnxruntime = n.round == rounding::onnxruntime;
  const std::size_t images = x.rank > 1 ? as_size(x[0]) : 1;
  p.pixels = images == 0 || p.rows == 0 ? 1 : p.rows / images;
  return unit{};
}
#else
status local_response_prepare(const node_view& n, prepared& to);
#endif
/// Each element sums the squares of its neighbours.
constexpr double local_response_steps(const node_view& n) {
  const double around = 2.0 * static_cast<double>(n.attrs->integer("radius", 1)),
               channels = n.in[0].shape.rank > 0 ? n.in[0].shape.back(0) : 1;
  return elements_out(n) * std::clamp(around, 0.0, channels);
}
inline constexpr form local_response_forms[] = {
    {.in = {dtype::f32},
     .out = {dtype::f32},
     .roundings = roundings_of(&laws::local_response, dtype::f32)},
};
inline constexpr op_def local_response_normalization{
    .name = "local_response_normalization",
    .summary = "values divided by a power of their neighbouring channels' squares",
    .forms = local_response_forms,
    .kernel = kernel_id::local_response,
    .attributes = keys_of<local_response_attrs>,
    .shape = &local_response_op_shape,
    .memory = &params_only<local_response_params>,
    .prepare = &local_response_prepare,
    .decide = &laws::local_response,
    .steps = &local_response_steps,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_LOCAL_RESPONSE_HPP_
