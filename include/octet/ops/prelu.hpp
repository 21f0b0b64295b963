// qnn.prelu and prelu: a slope of its own for each channel (or element) below 0.
#ifndef OCTET_OPS_PRELU_HPP_
#define OCTET_OPS_PRELU_HPP_

#include "octet/laws/functions.hpp"
#include "octet/numerics/requantize.hpp"
#include "octet/ops/broadcast.hpp"
#include "octet/ops/quantize.hpp"

OCTET_NAMESPACE_BEGIN

/// v = x - zx. EVEN_MUL (PyTorch): v > 0: v * one, else v * (a - za), exact, times f32(f32(sx * sa)
/// * f32(1 / sy)); one: the slopes' code of 1, saturated like any other, less za. DR: v >= 0: DR(v;
/// QM(sx / sy)), else DR(v * (a - za); QM(sx * sa / sy)), both ratios formed in binary32.
struct prelu_params {
  rounding mode = rounding::none;
  dtype type = dtype::f32, slope_type = dtype::f32;
  float ratio = 1;       // EVEN_MUL
  std::int32_t one = 1;  // EVEN_MUL
  std::int32_t in_zero_point = 0, slope_zero_point = 0, out_zero_point = 0, lo = 0, hi = 0;
  multiplier positive{}, negative{};
  broadcast_plan<2> shape;
};

namespace numerics {
/// One element by DR.
constexpr std::int32_t prelu_dr(const prelu_params& p, std::int32_t x,
                                std::int32_t slope) noexcept {
  const std::int32_t v = x - p.in_zero_point;
  const std::int64_t r = v >= 0 ? rounding_policy::doubling_high_half_away::apply(v, p.positive)
                                : rounding_policy::doubling_high_half_away::apply(
                                      std::int64_t{v} * (slope - p.slope_zero_point), p.negative);
  return finish(r, p.out_zero_point, p.lo, p.hi);
}
/// One element by EVEN_MUL.
constexpr std::int32_t prelu_even_mul(const prelu_params& p, std::int32_t x,
                                      std::int32_t slope) noexcept {
  const std::int32_t v = x - p.in_zero_point,
                     product = v * (v > 0 ? p.one : slope - p.slope_zero_point);
  return finish(static_cast<double>(rint(mul(static_cast<float>(product), p.ratio))),
                p.out_zero_point, p.lo, p.hi);
}
constexpr std::int32_t prelu(const prelu_params& p, std::int32_t x, std::int32_t slope) noexcept {
  switch (p.mode) {
    case rounding::doubling_high_half_away: return prelu_dr(p, x, slope);
    case rounding::reciprocal_half_even: return prelu_even_mul(p, x, slope);
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
    case rounding::divide_truncate:
    case rounding::xnnpack:
    case rounding::qnnpack:
    case rounding::aten:
    case rounding::fused_multiply_add:
    case rounding::tflite_optimized:
    case rounding::mxnet:
    case rounding::onnxruntime: break;  // the forms exclude these
  }
  return p.out_zero_point;
}
}  // namespace numerics

namespace reference {
template <class T, class Slope>
constexpr void prelu(const prelu_params& p, const T* x, const Slope* slope, T* y, std::size_t begin,
                     std::size_t end) {
  for_each_broadcast(p.shape, begin, end, [&](std::size_t i, const auto& at) {
    if constexpr (std::is_floating_point_v<T>)
      y[i] = x[at[0]] >= 0 ? x[at[0]] : numerics::mul(x[at[0]], slope[at[1]]);
    else
      y[i] = static_cast<T>(numerics::prelu(p, x[at[0]], slope[at[1]]));
  });
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void prelu_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const prelu_params*>(a.params);
  const auto r = part_of(p.shape.count, a.part, a.parts);
  const auto run = [&]<class T, class Slope>(type_tag<T>, type_tag<Slope>) {
    prelu(p, static_cast<const T*>(a.in[0]), static_cast<const Slope*>(a.in[1]),
          static_cast<T*>(a.out[0]), r.begin, r.end);
  };
  if (p.type == dtype::f32)
    run(type_tag<float>{}, type_tag<float>{});
  else if (p.type == dtype::s16)
    run(type_tag<std::int16_t>{}, type_tag<std::int8_t>{});
  else if (p.type == dtype::s8)
    run(type_tag<std::int8_t>{}, type_tag<std::int8_t>{});
  else
    run(type_tag<std::uint8_t>{}, type_tag<std::uint8_t>{});
}
#else
void prelu_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
/// The slopes broadcast to the input, never the other way round.
constexpr status prelu_op_shape(const node_view& n, std::span<dims> out) {
  const dims &x = n.in[0].shape, y = broadcast(x, n.in[1].shape);
  if (y.rank != x.rank || !(y == x)) return violation{rule::shapes_differ, x, n.in[1].shape};
  out[0] = x;
  return unit{};
}
#if OCTET_HAS_DEFINITIONS
template <bool Quantized> status prelu_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &a = n.in[1], &y = n.out[0];
  auto& p = to.make<prelu_params>(&reference::prelu_kernel, kernel_id::prelu);
  p.type = x.type, p.slope_type = a.type;
  p.shape = make_broadcast<2>({x.shape, a.shape}, y.shape);
  p.mode = n.round;
  if constexpr (!Quantized) return unit{};
  if (x.per_channel() || a.per_channel() || y.per_channel())
    return unsupported("per-channel quantization of prelu");
  p.in_zero_point = x.zero_point(), p.slope_zero_point = a.zero_point(),
  p.out_zero_point = y.zero_point();
  p.lo = static_cast<std::int32_t>(lowest_of(y.type)),
  p.hi = static_cast<std::int32_t>(highest_of(y.type));
  if (n.round == rounding::reciprocal_half_even) {
    p.ratio = numerics::mul(numerics::mul(x.scale_f32(), a.scale_f32()),
                            numerics::div(1.f, y.scale_f32()));
    p.one = numerics::finish(static_cast<double>(numerics::rint(numerics::div(1.f, a.scale_f32()))),
                             p.slope_zero_point, static_cast<std::int32_t>(lowest_of(a.type)),
                             static_cast<std::int32_t>(highest_of(a.type))) -
            p.slope_zero_point;
    return finite_factors({p.ratio});
  }
  p.positive = numerics::quantize_multiplier(
      static_cast<double>(numerics::div(x.scale_f32(), y.scale_f32())));
  p.negative = numerics::quantize_multiplier(static_cast<double>(
      numerics::div(numerics::mul(x.scale_f32(), a.scale_f32()), y.scale_f32())));
  return unit{};
}
#else
template <bool Quantized> status prelu_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form qnn_prelu_forms[] = {
    {.in = {eight_bit, like(0)},
     .out = {like(0)},
     .roundings = {rounding::doubling_high_half_away, rounding::reciprocal_half_even}},
    {.in = {dtype::s16, dtype::s8},
     .out = {dtype::s16},
     .roundings = rounding::doubling_high_half_away},
};
inline constexpr form float_pair_forms[] = {
    {.in = {dtype::f32, dtype::f32}, .out = {dtype::f32}},
};
inline constexpr op_def qnn_prelu{
    .name = "qnn.prelu",
    .summary = "x, below 0 times a slope, quantized",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = qnn_prelu_forms,
    .quantized = true,
    .each_alone = roundings_of(qnn_prelu_forms),
    .kernel = kernel_id::prelu,
    .attributes = keys_of<>,
    .shape = &prelu_op_shape,
    .memory = &params_only<prelu_params>,
    .prepare = &prelu_prepare<true>,
    .decide = &laws::prelu,
};
inline constexpr op_def prelu{
    .name = "prelu",
    .summary = "x, below 0 times a slope",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = float_pair_forms,
    .kernel = kernel_id::prelu,
    .attributes = keys_of<>,
    .shape = &prelu_op_shape,
    .memory = &params_only<prelu_params>,
    .prepare = &prelu_prepare<false>,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_PRELU_HPP_
