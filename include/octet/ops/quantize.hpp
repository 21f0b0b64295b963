// qnn.quantize: float32 to quantized values, per tensor or per channel on any axis.
#ifndef OCTET_OPS_QUANTIZE_HPP_
#define OCTET_OPS_QUANTIZE_HPP_

#include "octet/laws/quantize.hpp"
#include "octet/ops/broadcast.hpp"
#include "octet/ops/requantize.hpp"

OCTET_NAMESPACE_BEGIN

struct quantize_attrs {
  double multiplier = 0;  // > 0: what EVEN_MUL and MXN multiply with, in place of 1 / s
  static constexpr auto fields = field_list{field{"multiplier", &quantize_attrs::multiplier}};
};

/// Input float32, output u8, s8, s16, u16 or s32. Channel of element i: i / inner % channels.
struct quantize_params {
  rounding mode = rounding::divide_half_away;  // AWAY, EVEN, EVEN_MUL, OPT
  dtype out_type = dtype::u8;
  std::size_t count = 0;  // elements
  std::int32_t channels = 1;
  std::size_t inner = 1;                     // elements that share a channel
  const float* scale = nullptr;              // one per channel: s
  const float* inverse = nullptr;            // one per channel: f32(1) / s (EVEN_MUL, OPT)
  const std::int32_t* zero_point = nullptr;  // one per channel
  std::int32_t lo = 0, hi = 0;               // clamp after the zero point
};

/// What a rounding of quantize computes with for one scale.
struct quantize_factors {
  rounding mode;         // AWAY, EVEN, EVEN_MUL, OPT
  float scale, inverse;  // s, and what EVEN_MUL multiplies with
};

namespace numerics {
/// multiplier > 0: what EVEN_MUL and MXN multiply with, in place of 1 / s.
constexpr quantize_factors factors_of(rounding r, double s, float multiplier = 0) noexcept {
  const bool from_range = r == rounding::mxnet;
  const auto narrow = static_cast<float>(s);
  return {from_range ? rounding::reciprocal_half_even : r, narrow,
          multiplier > 0 ? multiplier
          : from_range   ? levels_per_unit(s)
                         : div(1.f, narrow)};
}
/// AWAY: rha(x / s) + z. EVEN: rint(x / s) + z. EVEN_MUL: rint(x * (1 / s)) + z. All saturate to
/// [lo, hi]; NaN gives lo.
constexpr std::int32_t quantize_away(float x, float s, std::int32_t z, std::int32_t lo,
                                     std::int32_t hi) noexcept {
  return clamp_to_int(round_half_away(static_cast<double>(div(x, s))) + z, lo, hi);
}
constexpr std::int32_t quantize_even(float x, float s, std::int32_t z, std::int32_t lo,
                                     std::int32_t hi) noexcept {
  return clamp_to_int(static_cast<double>(rint(div(x, s))) + z, lo, hi);
}
constexpr std::int32_t quantize_even_mul(float x, float inverse, std::int32_t z, std::int32_t lo,
                                         std::int32_t hi) noexcept {
  return clamp_to_int(static_cast<double>(rint(mul(x, inverse))) + z, lo, hi);
}
}  // namespace numerics

namespace reference {
/// Element i, of channel c.
constexpr std::int32_t quantized_value(const quantize_params& p, float x, std::size_t i,
                                       std::size_t c) noexcept {
  const std::int32_t z = p.zero_point[c];
  switch (p.mode) {
    case rounding::divide_half_away: return numerics::quantize_away(x, p.scale[c], z, p.lo, p.hi);
    case rounding::divide_half_even: return numerics::quantize_even(x, p.scale[c], z, p.lo, p.hi);
    case rounding::reciprocal_half_even:
      return numerics::quantize_even_mul(x, p.inverse[c], z, p.lo, p.hi);
    case rounding::tflite_optimized:
      // TFLite's vector loop takes whole groups of 8, its scalar tail rounds another way.
      if (i < p.count / 8 * 8) return numerics::quantize_even_mul(x, p.inverse[c], z, p.lo, p.hi);
      return numerics::clamp_to_int(numerics::round_half_away(numerics::div(
                                        static_cast<double>(x), static_cast<double>(p.scale[c]))) +
                                        z,
                                    p.lo, p.hi);
    case rounding::none:
    case rounding::doubling_high_half_away:
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::double_half_away:
    case rounding::float_half_even:
    case rounding::float_bias_half_even:
    case rounding::float_zero_point_half_even:
    case rounding::eight_bit_ratio_half_up:
    case rounding::divide_truncate:
    case rounding::xnnpack:
    case rounding::qnnpack:
    case rounding::aten:
    case rounding::fused_multiply_add:
    case rounding::mxnet:
    case rounding::onnxruntime:
      break;  // the forms exclude these; MXN is EVEN_MUL by another factor
  }
  return z;
}
template <class Out>
constexpr void quantize(const quantize_params& p, const float* x, Out* y, std::size_t begin,
                        std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    const std::size_t c = p.channels == 1 ? 0 : i / p.inner % as_size(p.channels);
    y[i] = static_cast<Out>(quantized_value(p, x[i], i, c));
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void quantize_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const quantize_params*>(a.params);
  const auto r = part_of(p.count, a.part, a.parts);
  with_integer(p.out_type, [&]<class Out>(type_tag<Out>) {
    quantize(p, static_cast<const float*>(a.in[0]), static_cast<Out*>(a.out[0]), r.begin, r.end);
  });
}
#else
void quantize_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
/// Channels and the number of elements that share one, for scales along `axis`.
struct channel_layout {
  std::int32_t channels = 1;
  std::size_t inner = 1;
};
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE result<channel_layout> channels_of(const tensor_desc& t) {
  if (!t.per_channel()) return channel_layout{};
  if (t.axis < 0 || t.axis >= t.shape.rank || t.scales.size() != as_size(t.shape[t.axis]))
    return invalid("per-channel scales", std::to_string(t.scales.size()),
                   "one per index of the quantization axis");
  channel_layout c{t.shape[t.axis], 1};
  for (int i = t.axis + 1; i < t.shape.rank; ++i) c.inner *= as_size(t.shape[i]);
  return c;
}
#endif
/// Entries of a per-channel array: one where there is one scale or none.
constexpr std::size_t channel_count(const tensor_desc& t) {
  return t.per_channel() ? t.scales.size() : 1;
}
constexpr void quantize_memory(const node_view& n, node_memory& to) {
  to.make<quantize_params>();
  to.array<float>(channel_count(n.out[0]));  // scales and their inverses
  to.array<float>(channel_count(n.out[0]));
  to.array<std::int32_t>(channel_count(n.out[0]));
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status quantize_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  auto& p = to.make<quantize_params>(&reference::quantize_kernel, kernel_id::quantize);
  if (!y.quantized()) return invalid("the output of quantize has no scale");
  const auto layout = channels_of(y);
  if (!layout) return layout.error();
  p.out_type = y.type;
  p.count = x.shape.elements().value;
  p.channels = layout->channels;
  p.inner = layout->inner;
  const auto multiplier = static_cast<float>(read_attributes<quantize_attrs>(*n.attrs).multiplier);
  auto scale = to.array<float>(as_size(p.channels)), inverse = to.array<float>(as_size(p.channels));
  auto zero_point = to.array<std::int32_t>(as_size(p.channels));
  for (std::size_t c = 0; c < scale.size(); ++c) {
    const quantize_factors f = numerics::factors_of(n.round, y.scale(c), multiplier);
    p.mode = f.mode;
    scale[c] = f.scale;
    inverse[c] = f.inverse;
    zero_point[c] = y.zero_point(c);
    if (auto s = finite_factors({scale[c], inverse[c]}); !s) return s;
  }
  p.scale = scale.data();
  p.inverse = inverse.data();
  p.zero_point = zero_point.data();
  const auto clamp = clamp_of(*n.attrs, y.type);
  p.lo = clamp.lo;
  p.hi = clamp.hi;
  return unit{};
}
#else
status quantize_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form quantize_forms[] = {
    {.in = {dtype::f32},
     .out = {rescaled_types},
     .roundings = {rounding::divide_half_away, rounding::divide_half_even,
                   rounding::reciprocal_half_even, rounding::tflite_optimized, rounding::mxnet}},
};
inline constexpr op_def quantize{
    .name = "qnn.quantize",
    .summary = "float32 to quantized values",
    .forms = quantize_forms,
    .quantized = true,
    .each_alone = roundings_of(quantize_forms).without(rounding::tflite_optimized),
    .kernel = kernel_id::quantize,
    .attributes = keys_of<quantize_attrs, clamp_keys>,
    .shape = &same_op_shape,
    .memory = &quantize_memory,
    .prepare = &quantize_prepare,
    .decide = &laws::quantize,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_QUANTIZE_HPP_
