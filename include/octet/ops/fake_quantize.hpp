// fake_quantize: float32 to the nearest of equally spaced numbers, as training for quantization
// sees them.
#ifndef OCTET_OPS_FAKE_QUANTIZE_HPP_
#define OCTET_OPS_FAKE_QUANTIZE_HPP_

#include "octet/numerics/fp.hpp"
#include "octet/ops/broadcast.hpp"

OCTET_NAMESPACE_BEGIN

/// Binary32 numbers: the ends of the range, and how far its numbers are apart.
struct fake_quantize_attrs {
  double least = 0, most = 0, step = 0;
  static constexpr auto fields = field_list{field{"least", &fake_quantize_attrs::least},
                                            field{"most", &fake_quantize_attrs::most},
                                            field{"step", &fake_quantize_attrs::step}};
};
struct fake_quantize_params {
  float least = 0, most = 0, step = 1, inverse = 1;  // f32(1 / step)
  std::size_t count = 0;
};

namespace numerics {
/// rha(f32(f32(x - least) * inverse)) steps from the least number on; NaN is the least.
constexpr float fake_quantize(const fake_quantize_params& p, float x) noexcept {
  const float v = is_nan(x) || x <= p.least ? p.least : x >= p.most ? p.most : x;
  return add(mul(round_half_away(mul(sub(v, p.least), p.inverse)), p.step), p.least);
}
}  // namespace numerics

namespace reference {
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void fake_quantize_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const fake_quantize_params*>(a.params);
  const auto r = part_of(p.count, a.part, a.parts);
  const auto* x = static_cast<const float*>(a.in[0]);
  auto* y = static_cast<float*>(a.out[0]);
  for (std::size_t i = r.begin; i < r.end; ++i) y[i] = numerics::fake_quantize(p, x[i]);
}
#else
void fake_quantize_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status fake_quantize_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<fake_quantize_attrs>(*n.attrs);
  auto& p =
      to.make<fake_quantize_params>(&reference::fake_quantize_kernel, kernel_id::fake_quantize);
  p.least = static_cast<float>(a.least), p.most = static_cast<float>(a.most);
  p.step = static_cast<float>(a.step), p.inverse = numerics::div(1.f, p.step);
  p.count = n.in[0].shape.elements().value;
  if (!numerics::is_finite(p.least) || !numerics::is_finite(p.most) || !(p.least <= p.most) ||
      !(p.step > 0) || !numerics::is_finite(p.inverse))
    return invalid(
        "range of fake_quantize",
        std::to_string(p.least) + " to " + std::to_string(p.most) + " by " + std::to_string(p.step),
        "finite numbers in their order, a step above 0");
  return unit{};
}
#else
status fake_quantize_prepare(const node_view& n, prepared& to);
#endif
inline constexpr op_def fake_quantize{
    .name = "fake_quantize",
    .summary = "the nearest of equally spaced numbers",
    .forms = float_forms,
    .each_alone = rounding::none,
    .kernel = kernel_id::fake_quantize,
    .attributes = keys_of<fake_quantize_attrs>,
    .shape = &same_op_shape,
    .memory = &params_only<fake_quantize_params>,
    .prepare = &fake_quantize_prepare,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_FAKE_QUANTIZE_HPP_
