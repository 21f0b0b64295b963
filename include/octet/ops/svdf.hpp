// qnn.svdf: a layer whose weights are factored into features and time (keyword spotting); its
// memory of the last inputs lives in the session.
#ifndef OCTET_OPS_SVDF_HPP_
#define OCTET_OPS_SVDF_HPP_

#include "octet/laws/elementwise.hpp"
#include "octet/ops/requantize.hpp"
#include "octet/ops/work.hpp"

OCTET_NAMESPACE_BEGIN

struct svdf_attrs {
  std::int32_t rank = 1;  // filters per unit
  static constexpr auto fields = field_list{field{"rank", &svdf_attrs::rank}};
};

/// Inputs: 0 x s8 [B, C]; 1 feature weights s8 [F, C]; 2 time weights s16 [F, M]; 3 state s16 [B, F
/// * M], zero point 0; 4 bias s32 [F / rank] (optional). Outputs: y s8 [B, F / rank], the state
/// (the same tensor as input 3).
///
/// Rounding DR: each filter's memory moves one step to the past and takes sat16(DR(sum (x - zx) w;
/// f32(f32(sx * sw) / s_state))) as its newest value; y = sat8(DR(bias + sum over the unit's
/// filters and their memories of memory * time weight; f32(f32(s_state * s_time) / sy)) + zy).
struct svdf_params {
  std::int32_t batch = 0, in_c = 0, filters = 0, memory = 0, units = 0, rank = 1;
  std::int32_t in_zero_point = 0, out_zero_point = 0;
  multiplier feature{}, time{};
};

constexpr shape_or svdf_shape(const svdf_attrs& a, const dims& x, const dims& w, const dims& t,
                              const dims& state) {
  if (x.rank != 2 || w.rank != 2 || t.rank != 2)
    return violation{rule::rank, dims{0, 0}, x.rank != 2 ? x : w.rank != 2 ? w : t};
  if (w[1] != x[1]) return violation{rule::channels, dims{x[1]}, dims{w[1]}};
  if (t[0] != w[0] || t[1] < 1) return violation{rule::weight_count, dims{w[0], 1}, t};
  if (a.rank < 1 || w[0] % a.rank != 0) return violation{rule::groups, dims{a.rank}, dims{w[0]}};
  if (!(state == dims{x[0], w[0] * t[1]}))
    return violation{rule::shapes_differ, dims{x[0], w[0] * t[1]}, state};
  return dims{x[0], w[0] / a.rank};
}

namespace reference {
/// `dot(x, w)`: the sum of (x - zx) w over a feature; `past_sum(memory, weights)`: of their
/// products.
template <class Dot, class Past>
constexpr void svdf(const svdf_params& p, const std::int8_t* x, const std::int8_t* feature,
                    const std::int16_t* time, const std::int32_t* bias, std::int16_t* state,
                    std::int8_t* y, Dot&& dot_of, Past&& past_sum) {
  const auto memory = as_size(p.memory), channels = as_size(p.in_c);
  for (std::int32_t b = 0; b < p.batch; ++b)
    for (std::int32_t u = 0; u < p.units; ++u) {
      std::int64_t sum = bias ? bias[u] : 0;
      for (std::int32_t k = 0; k < p.rank; ++k) {
        const auto f = as_size(u * p.rank + k);
        std::int16_t* past = state + (as_size(b) * as_size(p.filters) + f) * memory;
        const std::int32_t dot = dot_of(p, x + as_size(b) * channels, feature + f * channels);
        for (std::size_t i = 0; i + 1 < memory; ++i) past[i] = past[i + 1];
        past[memory - 1] = static_cast<std::int16_t>(
            numerics::clamp(numerics::doubling_high_half_away(dot, p.feature), -32768, 32767));
        sum += past_sum(p, past, time + f * memory);
      }
      // The framework sums in int32; a sum beyond it, which it leaves undefined, wraps here.
      y[as_size(b) * as_size(p.units) + as_size(u)] = static_cast<std::int8_t>(
          numerics::finish(rounding_policy::doubling_high_half_away::apply(sum, p.time),
                           p.out_zero_point, -128, 127));
    }
}
constexpr std::int32_t svdf_dot(const svdf_params& p, const std::int8_t* x,
                                const std::int8_t* w) noexcept {
  std::int32_t sum = 0;
  for (std::int32_t i = 0; i < p.in_c; ++i) sum += (x[i] - p.in_zero_point) * w[i];
  return sum;
}
constexpr std::int64_t svdf_past(const svdf_params& p, const std::int16_t* past,
                                 const std::int16_t* w) noexcept {
  std::int64_t sum = 0;
  for (std::int32_t i = 0; i < p.memory; ++i) sum += std::int32_t{past[i]} * w[i];
  return sum;
}
/// The operands of a call; a state that comes from another tensor is copied first.
template <class Dot, class Past>
void svdf_call(const kernel_args& a, Dot&& dot_of, Past&& past_sum) noexcept {
  const auto& p = *static_cast<const svdf_params*>(a.params);
  auto* state = static_cast<std::int16_t*>(a.out[1]);
  if (a.in[3] != a.out[1])
    std::memcpy(state, a.in[3], as_size(p.batch) * as_size(p.filters) * as_size(p.memory) * 2);
  svdf(p, static_cast<const std::int8_t*>(a.in[0]), static_cast<const std::int8_t*>(a.in[1]),
       static_cast<const std::int16_t*>(a.in[2]), static_cast<const std::int32_t*>(a.in[4]), state,
       static_cast<std::int8_t*>(a.out[0]), dot_of, past_sum);
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void svdf_kernel(const kernel_args& a) noexcept {
  svdf_call(a, &svdf_dot, &svdf_past);
}
#else
void svdf_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
constexpr status svdf_op_shape(const node_view& n, std::span<dims> out) {
  if (n.in.size() < 4 || out.size() != 2)
    return violation{rule::input_count, dims{4}, dims{static_cast<std::int32_t>(n.in.size())}};
  const shape_or s = svdf_shape(read_attributes<svdf_attrs>(*n.attrs), n.in[0].shape, n.in[1].shape,
                                n.in[2].shape, n.in[3].shape);
  if (s.broken) return s.broken;
  out[0] = s.shape, out[1] = n.in[3].shape;
  return unit{};
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status svdf_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &w = n.in[1], &t = n.in[2], &state = n.in[3], &y = n.out[0];
  auto& p = to.make<svdf_params>(&reference::svdf_kernel, kernel_id::svdf);
  p.rank = read_attributes<svdf_attrs>(*n.attrs).rank;
  p.batch = x.shape[0], p.in_c = x.shape[1], p.filters = w.shape[0], p.memory = t.shape[1],
  p.units = y.shape[1];
  if (p.in_c > 65536)
    return unsupported("inputs", std::to_string(p.in_c), "at most 65536: sums stay below 2^31");
  if (n.present(4) && !(n.in[4].shape == dims{p.units}))
    return unsupported("bias", to_string(n.in[4].shape), "one a unit");
  for (const tensor_desc* d : {&w, &t, &state})
    if (!d->quantized() || d->per_channel() || d->zero_point() != 0)
      return unsupported("quantization of weights or state", {}, "one scale, zero point 0");
  p.in_zero_point = x.zero_point(), p.out_zero_point = y.zero_point();
  const auto scale = [](const tensor_desc& a, const tensor_desc& b, const tensor_desc& into) {
    return numerics::quantize_multiplier(static_cast<double>(
        numerics::div(numerics::mul(a.scale_f32(), b.scale_f32()), into.scale_f32())));
  };
  p.feature = scale(x, w, state);
  p.time = scale(state, t, y);
  return unit{};
}
#else
status svdf_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form svdf_forms[] = {
    {.in = {dtype::s8, dtype::s8, dtype::s16, dtype::s16, dtype::s32},
     .out = {dtype::s8, dtype::s16},
     .roundings = rounding::doubling_high_half_away},
};
/// Each sequence meets the feature weights and the time weights once.
constexpr double svdf_macs(const node_view& n) {
  return extent_in(n, 0, 0) * (elements_in(n, 1) + elements_in(n, 2));
}
inline constexpr op_def qnn_svdf{
    .name = "qnn.svdf",
    .summary = "layer factored into features and time",
    .min_inputs = 4,
    .max_inputs = 5,
    .outputs = 2,
    .optional = {4},
    .forms = svdf_forms,
    .quantized = true,
    .kernel = kernel_id::svdf,
    .attributes = keys_of<svdf_attrs>,
    .shape = &svdf_op_shape,
    .memory = &params_only<svdf_params>,
    .prepare = &svdf_prepare,
    .decide = &laws::tflite_integers,
    .macs = &svdf_macs,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_SVDF_HPP_
