// qnn.requantize_add: accumulators to quantized values with another tensor added before the one
// rounding: a convolution and the sum behind it, as oneDNN computes them.
#ifndef OCTET_OPS_REQUANTIZE_ADD_HPP_
#define OCTET_OPS_REQUANTIZE_ADD_HPP_

#include "octet/laws/layers.hpp"
#include "octet/numerics/fma.hpp"
#include "octet/ops/quantize.hpp"

OCTET_NAMESPACE_BEGIN

/// y = rint(fma(f32(q), r, f32(f32(f32(x) + b) * m))), r = MXNet's factor from q's scale to y's, m
/// as qnn.requantize has it under MXN. Inputs: accumulators x of s32 or s64 with one scale or one
/// per index of the last axis; q of u8 or s8 with x's shape and one scale; optional bias b, float32
/// in units of the accumulator, one per index of the last axis. Output: u8 or s8. No zero points.
struct requantize_add_params {
  requantize_params requant;
  dtype in_type, addend_type, out_type;
  std::size_t count = 0;   // elements
  std::int32_t inner = 1;  // innermost extent: channel of element i is i % inner
  float ratio = 1;
};

namespace reference {
template <class In, class Addend, class Out>
constexpr void requantize_add(const requantize_add_params& p, const In* x, const Addend* q, Out* y,
                              std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    const auto c = static_cast<std::int32_t>(i % as_size(p.inner));
    const float bias = p.requant.bias ? p.requant.bias[c] : 0.f,
                scaled = numerics::mul(numerics::add(static_cast<float>(x[i]), bias),
                                       p.requant.scale[p.requant.channels == 1 ? 0 : c]);
    y[i] = static_cast<Out>(numerics::clamp_to_int(static_cast<double>(numerics::rint(numerics::fma(
                                                       static_cast<float>(q[i]), p.ratio, scaled))),
                                                   p.requant.lo, p.requant.hi));
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void requantize_add_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const requantize_add_params*>(a.params);
  const auto r = part_of(p.count, a.part, a.parts);
  with_accumulator(p.in_type, [&]<class In>(type_tag<In>) {
    with_eight_bit(p.addend_type, [&]<class Addend>(type_tag<Addend>) {
      with_eight_bit(p.out_type, [&]<class Out>(type_tag<Out>) {
        requantize_add(p, static_cast<const In*>(a.in[0]), static_cast<const Addend*>(a.in[1]),
                       static_cast<Out*>(a.out[0]), r.begin, r.end);
      });
    });
  });
}
#else
void requantize_add_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
constexpr status requantize_add_shape(const node_view& n, std::span<dims> out) {
  if (!(n.in[0].shape == n.in[1].shape))
    return violation{rule::shapes_differ, n.in[0].shape, n.in[1].shape};
  out[0] = n.in[0].shape;
  return unit{};
}
constexpr void requantize_add_memory(const node_view& n, node_memory& to) {
  to.make<requantize_add_params>();
  requantize_memory(to, n.round, std::max<std::size_t>(n.in[0].scales.size(), 1));
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status requantize_add_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &q = n.in[1], &y = n.out[0];
  auto& p =
      to.make<requantize_add_params>(&reference::requantize_add_kernel, kernel_id::requantize_add);
  for (const tensor_desc* t : {&x, &q, &y})
    if (t->zero_point() != 0) return unsupported("a zero point", std::to_string(t->zero_point()));
  if (!q.quantized() || q.per_channel() || !y.quantized() || y.per_channel())
    return unsupported("quantization of an operand or result", {}, "one scale per tensor");
  p.in_type = x.type, p.addend_type = q.type, p.out_type = y.type;
  p.count = x.shape.elements().value;
  p.inner = x.shape.rank == 0 ? 1 : x.shape.back(0);
  p.ratio = numerics::rescale_by_levels(q.scale(), y.scale());
  const std::size_t channels = std::max<std::size_t>(x.scales.size(), 1);
  if (channels != 1 && (x.axis != x.shape.rank - 1 || channels != as_size(p.inner)))
    return unsupported("requantize per channel on an axis that is not the last");
  if (auto s = fill_requantize(
          to, p.requant, n.round, channels, [&](std::size_t c) { return x.scale(c); }, y,
          clamp_of(*n.attrs, y.type));
      !s)
    return s;
  if (!n.present(2)) return unit{};
  const auto bias = n.constant_as<float>(2);
  if (!n.is_constant(2) || bias.size() != as_size(p.inner))
    return unsupported("bias", to_string(n.in[2].shape),
                       "constants, one per index of the last axis");
  p.requant.bias = bias.data();
  return unit{};
}
#else
status requantize_add_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form requantize_add_forms[] = {
    {.in = {accumulator_types, eight_bit, dtype::f32},
     .out = {eight_bit},
     .roundings = rounding::mxnet},
};
inline constexpr op_def requantize_add{
    .name = "qnn.requantize_add",
    .summary = "accumulators to quantized values, another tensor added before the one rounding",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = requantize_add_forms,
    .quantized = true,
    .kernel = kernel_id::requantize_add,
    .attributes = keys_of<clamp_keys>,
    .shape = &requantize_add_shape,
    .memory = &requantize_add_memory,
    .prepare = &requantize_add_prepare,
    .decide = &laws::requantize_add,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_REQUANTIZE_ADD_HPP_
