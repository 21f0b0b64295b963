// qnn.mul (quantized) and mul (float32, int32, int64), with broadcasting and a fused clamp.
#ifndef OCTET_OPS_MUL_HPP_
#define OCTET_OPS_MUL_HPP_

#include "octet/laws/elementwise.hpp"
#include "octet/ops/add.hpp"
#include "octet/ops/requantize.hpp"

OCTET_NAMESPACE_BEGIN

/// y = requantize((a - za) * (b - zb)).
struct mul_params {
  rounding mode = rounding::none;  // none: plain numbers of type `y_type`; DR, F, FZ, EVEN_MUL
  dtype a_type, b_type, y_type;
  std::int32_t a_zero_point = 0, b_zero_point = 0;
  requantize_params requant;    // one channel; EVEN_MUL is F with another scale
  std::int32_t lo = 0, hi = 0;  // clamp of plain integers
  float min = 0, max = 0;       // clamp of plain float32
  broadcast_plan<2> shape;
};

namespace reference {
template <class A, class B, class Y>
constexpr void mul(const mul_params& p, const A* a, const B* b, Y* y, std::size_t begin,
                   std::size_t end) {
  for_each_broadcast(p.shape, begin, end, [&](std::size_t i, const auto& at) {
    y[i] = static_cast<Y>(numerics::requantize(
        p.requant, std::int64_t{a[at[0]] - p.a_zero_point} * (b[at[1]] - p.b_zero_point), 0));
  });
}
template <class T> constexpr T wrapping_mul(T a, T b) {
  return static_cast<T>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}
template <class T>
constexpr void mul_plain(const mul_params& p, const T* a, const T* b, T* y, std::size_t begin,
                         std::size_t end) {
  for_each_broadcast(p.shape, begin, end, [&](std::size_t i, const auto& at) {
    if constexpr (std::is_floating_point_v<T>)
      y[i] = clamp_plain(p, numerics::mul(a[at[0]], b[at[1]]));
    else
      y[i] = clamp_plain(p, wrapping_mul(a[at[0]], b[at[1]]));
  });
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void mul_kernel(const kernel_args& k) noexcept {
  const auto& p = *static_cast<const mul_params*>(k.params);
  const auto r = part_of(p.shape.count, k.part, k.parts);
  if (p.mode == rounding::none)
    return with_arithmetic(p.y_type, [&]<class T>(type_tag<T>) {
      mul_plain(p, static_cast<const T*>(k.in[0]), static_cast<const T*>(k.in[1]),
                static_cast<T*>(k.out[0]), r.begin, r.end);
    });
  with_quantized(p.a_type, [&]<class A>(type_tag<A>) {
    with_quantized(p.b_type, [&]<class B>(type_tag<B>) {
      with_quantized(p.y_type, [&]<class Y>(type_tag<Y>) {
        mul(p, static_cast<const A*>(k.in[0]), static_cast<const B*>(k.in[1]),
            static_cast<Y*>(k.out[0]), r.begin, r.end);
      });
    });
  });
}
#else
void mul_kernel(const kernel_args& k) noexcept;
#endif
}  // namespace reference

namespace ops {
template <bool Quantized> constexpr void mul_memory(const node_view& n, node_memory& to) {
  to.make<mul_params>();
  if (Quantized && n.round == rounding::doubling_high_half_away)
    to.array<multiplier>(1);
  else if (Quantized)
    to.array<float>(1);
}
#if OCTET_HAS_DEFINITIONS
template <bool Quantized> status mul_prepare(const node_view& n, prepared& to) {
  const tensor_desc &a = n.in[0], &b = n.in[1], &y = n.out[0];
  auto& p = to.make<mul_params>(&reference::mul_kernel, kernel_id::mul);
  p.mode = n.round;
  p.a_type = a.type, p.b_type = b.type, p.y_type = y.type;
  p.shape = make_broadcast<2>({a.shape, b.shape}, y.shape);
  const auto clamp = clamp_of(*n.attrs, y.type);
  p.lo = clamp.lo, p.hi = clamp.hi;
  if constexpr (!Quantized) {
    const auto c = read_attributes<float_clamp_attrs>(*n.attrs);
    p.min = static_cast<float>(c.float_lo), p.max = static_cast<float>(c.float_hi);
    return unit{};
  }
  if (auto s = one_scale_each(n); !s) return s;
  p.a_zero_point = a.zero_point(), p.b_zero_point = b.zero_point();
  // Every framework forms this ratio in binary32; TFLite derives its integer multiplier from the
  // rounded ratio.
  const float product = numerics::mul(a.scale_f32(), b.scale_f32()),
              ratio = numerics::div(product, y.scale_f32());
  requantize_params& q = p.requant;
  q.mode = requantize_mode(n.round);
  q.zero_point = y.zero_point();
  q.lo = clamp.lo, q.hi = clamp.hi;
  const auto by = [&](float factor) {
    auto s = to.array<float>(1);
    s[0] = factor;
    q.scale = s.data();
    return finite_factors({factor});
  };
  switch (n.round) {
    case rounding::doubling_high_half_away: {
      auto m = to.array<multiplier>(1);
      m[0] = numerics::quantize_multiplier(static_cast<double>(ratio));
      q.mult = m.data();
      return unit{};
    }
    case rounding::float_half_even:
    case rounding::float_zero_point_half_even: return by(ratio);
    case rounding::reciprocal_half_even:
      return by(numerics::mul(product, numerics::div(1.f, y.scale_f32())));
    case rounding::none:
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::double_half_away:
    case rounding::float_bias_half_even:
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
    case rounding::onnxruntime: break;
  }
  return detail::no_such_rounding(n);
}
#else
template <bool Quantized> status mul_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form qnn_mul_forms[] = {
    {.in = {quantized_types, quantized_types},
     .out = {quantized_types},
     .roundings = {rounding::doubling_high_half_away, rounding::float_half_even,
                   rounding::float_zero_point_half_even, rounding::reciprocal_half_even}},
};
inline constexpr op_def qnn_mul{
    .name = "qnn.mul",
    .summary = "a * b of quantized values",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = qnn_mul_forms,
    .quantized = true,
    .each_alone = roundings_of(qnn_mul_forms),
    .kernel = kernel_id::mul,
    .attributes = keys_of<clamp_keys>,
    .shape = &binary_op_shape,
    .memory = &mul_memory<true>,
    .prepare = &mul_prepare<true>,
    .decide = &laws::mul,
};
inline constexpr op_def mul{
    .name = "mul",
    .summary = "a * b",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = arithmetic_forms,
    .each_alone = rounding::none,
    .kernel = kernel_id::mul,
    .attributes = keys_of<float_clamp_attrs, clamp_keys>,
    .shape = &binary_op_shape,
    .memory = &mul_memory<false>,
    .prepare = &mul_prepare<false>,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_MUL_HPP_
