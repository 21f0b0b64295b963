// qnn.dequantize: quantized values (or binary16 numbers) to float32, per tensor or per channel on
// any axis.
#ifndef OCTET_OPS_DEQUANTIZE_HPP_
#define OCTET_OPS_DEQUANTIZE_HPP_

#include "octet/numerics/half.hpp"
#include "octet/ops/quantize.hpp"

OCTET_NAMESPACE_BEGIN

/// Input u8, s8, s16, u16, s32 or f16, output float32. Channel of element i: i / inner % channels.
struct dequantize_params {
  dtype in_type = dtype::u8;
  std::size_t count = 0;
  std::int32_t channels = 1;
  std::size_t inner = 1;
  const float* scale = nullptr;              // one per channel
  const std::int32_t* zero_point = nullptr;  // one per channel
};

namespace numerics {
/// f32((q - z) * s). Exact difference; for 32-bit values it is rounded to binary32 before the
/// product.
constexpr float dequantize(std::int64_t q, std::int32_t z, float s) noexcept {
  return mul(static_cast<float>(q - z), s);
}
}  // namespace numerics

namespace reference {
template <class In>
constexpr void dequantize(const dequantize_params& p, const In* x, float* y, std::size_t begin,
                          std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    const std::size_t c = p.channels == 1 ? 0 : i / p.inner % as_size(p.channels);
    y[i] = numerics::dequantize(x[i], p.zero_point[c], p.scale[c]);
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void dequantize_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const dequantize_params*>(a.params);
  const auto r = part_of(p.count, a.part, a.parts);
  auto* y = static_cast<float*>(a.out[0]);
  if (p.in_type == dtype::f16) {
    const auto* x = static_cast<const std::uint16_t*>(a.in[0]);
    for (std::size_t i = r.begin; i < r.end; ++i) y[i] = numerics::from_f16(x[i]);
    return;
  }
  with_integer(p.in_type, [&]<class In>(type_tag<In>) {
    dequantize(p, static_cast<const In*>(a.in[0]), y, r.begin, r.end);
  });
}
#else
void dequantize_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
constexpr void dequantize_memory(const node_view& n, node_memory& to) {
  to.make<dequantize_params>();
  to.array<float>(channel_count(n.in[0]));
  to.array<std::int32_t>(channel_count(n.in[0]));
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status dequantize_prepare(const node_view& n, prepared& to) {
  const tensor_desc& x = n.in[0];
  auto& p = to.make<dequantize_params>(&reference::dequantize_kernel, kernel_id::dequantize);
  if (x.type != dtype::f16 && !x.quantized())
    return invalid("the input of dequantize has no scale");
  const auto layout = channels_of(x);
  if (!layout) return layout.error();
  p.in_type = x.type;
  p.count = x.shape.elements().value;
  p.channels = layout->channels;
  p.inner = layout->inner;
  auto scale = to.array<float>(as_size(p.channels));
  auto zero_point = to.array<std::int32_t>(as_size(p.channels));
  for (std::size_t c = 0; c < scale.size(); ++c) {
    scale[c] = x.scale_f32(c);
    zero_point[c] = x.zero_point(c);
  }
  p.scale = scale.data();
  p.zero_point = zero_point.data();
  return unit{};
}
#else
status dequantize_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form dequantize_forms[] = {
    {.in = {rescaled_types}, .out = {dtype::f32}},
    {.in = {dtype::f16}, .out = {dtype::f32}},
};
inline constexpr op_def dequantize{
    .name = "qnn.dequantize",
    .summary = "quantized values to float32",
    .forms = dequantize_forms,
    .quantized = true,
    .scaled = {0},
    .each_alone = rounding::none,
    .kernel = kernel_id::dequantize,
    .attributes = keys_of<>,
    .shape = &same_op_shape,
    .memory = &dequantize_memory,
    .prepare = &dequantize_prepare,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_DEQUANTIZE_HPP_
