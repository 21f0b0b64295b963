// qnn.l2_normalization and l2_normalization: each row along the last axis divided by its length.
#ifndef OCTET_OPS_L2_NORMALIZATION_HPP_
#define OCTET_OPS_L2_NORMALIZATION_HPP_

#include "octet/laws/elementwise.hpp"
#include "octet/numerics/fixed_point.hpp"
#include "octet/ops/broadcast.hpp"

OCTET_NAMESPACE_BEGIN

/// DR: v = x - zx; (M, s) = 1 / sqrt(sum v^2) by integer Newton steps. int8: sat(DR(v; M, s + 7)),
/// uint8: sat(128 + DR(128 v; M, s)). The output's scale is 1/128 with zero point 0 (int8) or 128
/// (uint8).
struct l2_normalization_params {
  dtype type = dtype::f32;
  std::size_t rows = 0, depth = 0;
  std::int32_t in_zero_point = 0;
};

namespace reference {
template <class T>
constexpr void l2_normalization(const l2_normalization_params& p, const T* x, T* y,
                                std::size_t begin, std::size_t end) {
  for (std::size_t row = begin; row < end; ++row) {
    const T* from = x + row * p.depth;
    T* to = y + row * p.depth;
    if constexpr (std::is_floating_point_v<T>) {
      float sum = 0;
      for (std::size_t i = 0; i < p.depth; ++i)
        sum = numerics::add(sum, numerics::mul(from[i], from[i]));
      float length = numerics::sqrt_f32(sum);
      if (length < 1e-6f) length = 1e-6f;
      for (std::size_t i = 0; i < p.depth; ++i) to[i] = numerics::div(from[i], length);
    } else {
      std::int32_t sum = 0;
      for (std::size_t i = 0; i < p.depth; ++i)
        sum += (from[i] - p.in_zero_point) * (from[i] - p.in_zero_point);
      const multiplier m = numerics::reciprocal_sqrt(sum);
      for (std::size_t i = 0; i < p.depth; ++i) {
        const std::int32_t v = from[i] - p.in_zero_point;
        if constexpr (std::is_signed_v<T>)
          to[i] = static_cast<T>(
              numerics::clamp(numerics::doubling_high_half_away(v, {m.m, m.shift + 7}), -128, 127));
        else
          to[i] = static_cast<T>(
              numerics::clamp(128 + numerics::doubling_high_half_away(128 * v, m), 0, 255));
      }
    }
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void l2_normalization_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const l2_normalization_params*>(a.params);
  const auto r = part_of(p.rows, a.part, a.parts);
  const auto run = [&]<class T>(type_tag<T>) {
    l2_normalization(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin, r.end);
  };
  if (p.type == dtype::f32)
    run(type_tag<float>{});
  else if (p.type == dtype::s8)
    run(type_tag<std::int8_t>{});
  else
    run(type_tag<std::uint8_t>{});
}
#else
void l2_normalization_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
#if OCTET_HAS_DEFINITIONS
template <bool Quantized> status l2_normalization_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  auto& p = to.make<l2_normalization_params>(&reference::l2_normalization_kernel,
                                             kernel_id::l2_normalization);
  p.type = x.type;
  p.depth = x.shape.rank == 0 ? 1 : as_size(x.shape.back(0));
  p.rows = p.depth == 0 ? 0 : x.shape.elements().value / p.depth;
  p.in_zero_point = x.zero_point();
  if constexpr (!Quantized) return unit{};
  if (y.scale_f32() != 1.f / 128 || y.zero_point() != (x.type == dtype::s8 ? 0 : 128))
    return unsupported("quantization of the output",
                       std::to_string(y.scale()) + ", " + std::to_string(y.zero_point()),
                       "1/128 with zero point 0 (int8) or 128 (uint8)");
  if (p.depth > 33025)
    return unsupported("row length", std::to_string(p.depth),
                       "at most 33025: sums of squares stay below 2^31");
  return unit{};
}
#else
template <bool Quantized> status l2_normalization_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form qnn_l2_normalization_forms[] = {
    {.in = {eight_bit}, .out = {like(0)}, .roundings = rounding::doubling_high_half_away},
};
inline constexpr op_def qnn_l2_normalization{
    .name = "qnn.l2_normalization",
    .summary = "rows divided by their Euclidean length, quantized",
    .forms = qnn_l2_normalization_forms,
    .quantized = true,
    .kernel = kernel_id::l2_normalization,
    .attributes = keys_of<>,
    .shape = &same_op_shape,
    .memory = &params_only<l2_normalization_params>,
    .prepare = &l2_normalization_prepare<true>,
    .decide = &laws::tflite_integers,
};
inline constexpr op_def l2_normalization{
    .name = "l2_normalization",
    .summary = "rows divided by their Euclidean length",
    .forms = float_forms,
    .kernel = kernel_id::l2_normalization,
    .attributes = keys_of<>,
    .shape = &same_op_shape,
    .memory = &params_only<l2_normalization_params>,
    .prepare = &l2_normalization_prepare<false>,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_L2_NORMALIZATION_HPP_
