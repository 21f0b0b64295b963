// qnn.requantize: integers of one scale to quantized values of another, and the parameters every
// fused requantize shares.
#ifndef OCTET_OPS_REQUANTIZE_HPP_
#define OCTET_OPS_REQUANTIZE_HPP_

#include "octet/laws/quantize.hpp"
#include "octet/numerics/requantize.hpp"
#include "octet/ops/clamp.hpp"
#include "octet/ops/op.hpp"
#include "octet/ops/types.hpp"

OCTET_NAMESPACE_BEGIN

/// The roundings of layers' sums whose bias, if any, is an integer. One set for all layers: what a
/// file calls BATCH_MATMUL may become a fully connected layer and keeps its own rounding.
inline constexpr rounding_set layer_roundings{
    rounding::doubling_high_half_away,
    rounding::doubling_high_half_up,
    rounding::wide_half_up,
    rounding::double_half_away,
    rounding::float_half_even,
    rounding::reciprocal_half_even,
    rounding::mxnet,
};

/// Fills one channel of the arrays that `p.mode` needs. `product` is sx*sw in the precision of the
/// law (binary64 unless said otherwise); float formulas take f32(f32(product) / f32(sy)), integer
/// formulas QM(product / sy). EVEN_MUL is F with f32(f32(product) * f32(1 / f32(sy))): QNNPACK. MXN
/// is F or FB with f32(product / sy), all in binary64: MXNet derives its multiplier from ranges,
/// and there are binary64 scales that give any binary32 multiplier exactly.
constexpr void set_channel(rounding mode, multiplier* mult, float* scale, double* scale64,
                           std::size_t c, double product, double out_scale) {
  switch (mode) {
    case rounding::eight_bit_ratio_half_up:
      mult[c] = numerics::q8_multiplier(
          numerics::div(static_cast<float>(product), static_cast<float>(out_scale)));
      break;
    case rounding::doubling_high_half_away:
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
      mult[c] = numerics::quantize_multiplier(numerics::div(product, out_scale));
      break;
    case rounding::reciprocal_half_even:
      scale[c] = numerics::mul(static_cast<float>(product),
                               numerics::div(1.f, static_cast<float>(out_scale)));
      break;
    case rounding::mxnet: scale[c] = static_cast<float>(numerics::div(product, out_scale)); break;
    case rounding::float_half_even:
    case rounding::float_bias_half_even:
    case rounding::float_zero_point_half_even:
    case rounding::fused_multiply_add:
      scale[c] = numerics::div(static_cast<float>(product), static_cast<float>(out_scale));
      break;
    case rounding::double_half_away: scale64[c] = numerics::div(product, out_scale); break;
    case rounding::none:
    case rounding::divide_half_away:
    case rounding::divide_half_even:
    case rounding::divide_truncate:
    case rounding::xnnpack:
    case rounding::qnnpack:
    case rounding::aten:
    case rounding::tflite_optimized:
    case rounding::onnxruntime: break;  // no accumulators are rounded by these
  }
}

namespace numerics {
/// A float bias as numerics::requantize takes it; scale: the accumulator's.
constexpr float real_bias(rounding mode, float bias, float scale) noexcept {
  switch (mode) {
    case rounding::float_bias_half_even: return div(bias, scale);
    case rounding::fused_multiply_add:  // has a unit of its own
    case rounding::mxnet: return bias;
    case rounding::none:
    case rounding::doubling_high_half_away:
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::double_half_away:
    case rounding::float_half_even:
    case rounding::float_zero_point_half_even:
    case rounding::eight_bit_ratio_half_up:
    case rounding::divide_half_away:
    case rounding::divide_half_even:
    case rounding::reciprocal_half_even:
    case rounding::divide_truncate:
    case rounding::xnnpack:
    case rounding::qnnpack:
    case rounding::aten:
    case rounding::tflite_optimized:
    case rounding::onnxruntime: break;  // with_real_bias excludes these
  }
  return 0;
}
}  // namespace numerics

/// The formula that numerics::requantize applies for a node's rounding: EVEN_MUL and MXN are F, or
/// FB with a float bias, whose multiplier is derived another way; FMA is FB whose bias has a unit.
constexpr rounding requantize_mode(rounding r, bool real_bias = false) {
  if (r == rounding::fused_multiply_add) return rounding::float_bias_half_even;
  if (r == rounding::mxnet)
    return real_bias ? rounding::float_bias_half_even : rounding::float_half_even;
  return r == rounding::reciprocal_half_even ? rounding::float_half_even : r;
}
/// The arrays that fill_requantize allocates.
constexpr void requantize_memory(node_memory& to, rounding mode, std::size_t n) {
  if (uses_multiplier(mode)) to.array<multiplier>(n);
  if (uses_float_scale(mode)) to.array<float>(n);
  if (factor_of(mode) == requantize_factor::binary64) to.array<double>(n);
}
/// The arrays that set_real_bias allocates: a bias for each channel, a unit for each of n scales.
constexpr void real_bias_memory(node_memory& to, rounding mode, std::size_t channels,
                                std::size_t n) {
  to.array<float>(channels);
  if (mode == rounding::fused_multiply_add) to.array<float>(n);
}
/// A float bias in the form of its rounding: FB divides by the accumulator's scale product(c), FMA
/// keeps it and 1 / that scale, MXN's is in units of the accumulator already. After
/// fill_requantize.
template <class F>
OCTET_COLD status set_real_bias(prepared& to, requantize_params& p, rounding mode,
                                std::span<const float> raw, F&& product) {
  auto b = to.array<float>(raw.size());
  for (std::size_t c = 0; c < raw.size(); ++c)
    b[c] = numerics::real_bias(mode, raw[c], static_cast<float>(product(c)));
  for (const float v : b)
    if (!is_finite(v)) return invalid("bias", std::to_string(v), "finite numbers");
  p.bias = b.data();
  p.mode = requantize_mode(mode, true);
  if (mode != rounding::fused_multiply_add) return unit{};
  auto units = to.array<float>(as_size(p.channels));
  for (std::size_t c = 0; c < units.size(); ++c)
    units[c] = numerics::div(1.f, static_cast<float>(product(c)));
  for (std::size_t c = 0; c < b.size(); ++c) {
    const float unit = units[units.size() == 1 ? 0 : c];
    if (auto s = finite_factors({unit, numerics::mul(b[c], unit)}); !s) return s;
  }
  p.bias_unit = units.data();
  return unit{};
}
/// Allocates and fills the arrays for products product(0..n), n == 1 or the channel count.
template <class F>
OCTET_COLD status fill_requantize(prepared& to, requantize_params& p, rounding mode, std::size_t n,
                                  F&& product, const tensor_desc& out, clamp_range clamp) {
  p.mode = requantize_mode(mode);
  p.channels = static_cast<std::int32_t>(n);
  p.zero_point = out.zero_point();
  p.lo = clamp.lo;
  p.hi = clamp.hi;
  multiplier* mult = uses_multiplier(mode) ? to.array<multiplier>(n).data() : nullptr;
  float* scale = uses_float_scale(mode) ? to.array<float>(n).data() : nullptr;
  double* scale64 =
      factor_of(mode) == requantize_factor::binary64 ? to.array<double>(n).data() : nullptr;
  for (std::size_t c = 0; c < n; ++c)
    set_channel(mode, mult, scale, scale64, c, product(c), out.scale());
  for (std::size_t c = 0; c < n && scale != nullptr; ++c)
    if (auto s = finite_factors({scale[c]}); !s) return s;
  p.mult = mult;
  p.scale = scale;
  p.scale64 = scale64;
  return unit{};
}
OCTET_COLD inline status fill_requantize(prepared& to, requantize_params& p, rounding mode,
                                         std::span<const double> products, const tensor_desc& out,
                                         clamp_range clamp) {
  return fill_requantize(
      to, p, mode, products.size(), [&](std::size_t c) { return products[c]; }, out, clamp);
}

/// Value before the rounding: (negate ? -1 : 1) * (x - zero point) + offset.
struct requantize_attrs {
  std::int32_t offset = 0;  // in steps of the input's scale
  bool negate = false;
  static constexpr auto fields = field_list{field{"offset", &requantize_attrs::offset},
                                            field{"negate", &requantize_attrs::negate}};
};

/// Input: u8, s8, s16, s32 or s64 with per-tensor or per-channel (last axis) scales. Output: u8,
/// s8, s16, s32. Second input, optional, with rounding FB: float32, one bias per index of the last
/// axis.
struct requantize_op_params {
  requantize_params requant;
  dtype in_type, out_type;
  std::int32_t in_zero_point = 0;
  std::size_t count = 0;    // elements
  std::int32_t inner = 1;   // innermost extent: channel of element i is i % inner
  std::int32_t offset = 0;  // these two: only the reference takes them
  bool negate = false;
};

namespace reference {
template <class In, class Out>
constexpr void requantize(const requantize_op_params& p, const In* x, Out* y) {
  for (std::size_t i = 0; i < p.count; ++i) {
    const std::int64_t v = static_cast<std::int64_t>(x[i]) - p.in_zero_point;
    y[i] = static_cast<Out>(numerics::requantize(p.requant, (p.negate ? -v : v) + p.offset,
                                                 static_cast<std::int32_t>(i % as_size(p.inner))));
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void requantize_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const requantize_op_params*>(a.params);
  with_integer(p.in_type, [&]<class In>(type_tag<In>) {
    with_integer(p.out_type, [&]<class Out>(type_tag<Out>) {
      requantize(p, static_cast<const In*>(a.in[0]), static_cast<Out*>(a.out[0]));
    });
  });
}
#else
void requantize_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
constexpr status requantize_shape(const node_view& n, std::span<dims> out) {
  out[0] = n.in[0].shape;
  return unit{};
}
constexpr void requantize_op_memory(const node_view& n, node_memory& to) {
  to.make<requantize_op_params>();
  requantize_memory(to, n.round, std::max<std::size_t>(n.in[0].scales.size(), 1));
  if (n.present(1))
    real_bias_memory(to, n.round, n.in[1].shape.elements().value,
                     std::max<std::size_t>(n.in[0].scales.size(), 1));
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status requantize_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  const auto a = read_attributes<requantize_attrs>(*n.attrs);
  const bool plain = a.offset == 0 && !a.negate && !n.present(1);
  auto& p = to.make<requantize_op_params>(&reference::requantize_kernel,
                                          plain ? kernel_id::requantize : kernel_id::none);
  p.offset = a.offset;
  p.negate = a.negate;
  p.in_type = x.type;
  p.out_type = y.type;
  p.in_zero_point = x.zero_point();
  p.count = x.shape.elements().value;
  p.inner = x.shape.rank == 0 ? 1 : x.shape.back(0);
  const std::size_t channels = std::max<std::size_t>(x.scales.size(), 1);
  if (channels != 1 && (x.axis != x.shape.rank - 1 || channels != as_size(p.inner)))
    return unsupported("requantize per channel on an axis that is not the last");
  if (auto s = fill_requantize(
          to, p.requant, n.round, channels, [&](std::size_t c) { return x.scale(c); }, y,
          clamp_of(*n.attrs, y.type));
      !s)
    return s;
  if (n.present(1)) {
    const auto raw = n.constant_as<float>(1);
    if (!n.is_constant(1) || raw.size() != as_size(p.inner))
      return unsupported("a bias of requantize", to_string(n.in[1].shape),
                         "constants, one per index of the last axis");
    return set_real_bias(to, p.requant, n.round, raw,
                         [&](std::size_t c) { return x.scale(channels == 1 ? 0 : c); });
  }
  return unit{};
}
#else
status requantize_prepare(const node_view& n, prepared& to);
#endif
/// Those with a float bias.
inline constexpr rounding_set with_real_bias{rounding::float_bias_half_even,
                                             rounding::fused_multiply_add, rounding::mxnet};
inline constexpr form requantize_forms[] = {
    {.in = {integer_types},
     .out = {rescaled_types},
     .roundings = layer_roundings | rounding::eight_bit_ratio_half_up},
    {.in = {integer_types, dtype::f32}, .out = {rescaled_types}, .roundings = with_real_bias},
};
inline constexpr op_def requantize{
    .name = "qnn.requantize",
    .summary = "integers of one scale to another",
    .min_inputs = 1,
    .max_inputs = 2,
    .optional = {1},
    .forms = requantize_forms,
    .quantized = true,
    .scaled = {0},
    .requantizes = true,
    .each_alone = roundings_of(requantize_forms),
    .kernel = kernel_id::requantize,
    .attributes = keys_of<requantize_attrs, clamp_keys>,
    .shape = &requantize_shape,
    .memory = &requantize_op_memory,
    .prepare = &requantize_prepare,
    .decide = &laws::requantize,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_REQUANTIZE_HPP_
