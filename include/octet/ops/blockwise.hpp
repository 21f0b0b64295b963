// blockwise_fully_connected: rows quantized when it runs times weights with a scale for each block
// of a row, in float32.
#ifndef OCTET_OPS_BLOCKWISE_HPP_
#define OCTET_OPS_BLOCKWISE_HPP_

#include "octet/laws/dynamic.hpp"
#include "octet/numerics/fma.hpp"
#include "octet/ops/add.hpp"
#include "octet/ops/work.hpp"

OCTET_NAMESPACE_BEGIN

struct blockwise_attrs {
  bool keep_dims = false;  // y has x's axes before the last; else they are one
  static constexpr auto fields = field_list{field{"keep_dims", &blockwise_attrs::keep_dims}};
};
/// x int16 [.., K], the zero points taken off; scales of its rows float32 [rows]; weights int8
/// [N, K]; scales of their blocks float32 [N, B], K / B elements a block; bias float32 [N]
/// (optional). y [rows, N]: v = fma(f32(exact sum of a block), its scale, v) from 0 on, block after
/// block; y = fma(v, the row's scale, bias).
struct blockwise_params {
  std::size_t rows = 0, depth = 0, outputs = 0, blocks = 1;
  float min = 0, max = 0;
};
/// Longer blocks could leave int32.
constexpr std::int32_t longest_block = 65536;
constexpr shape_or blockwise_shape(const blockwise_attrs& a, dims x, const dims& rows,
                                   const dims& w, const dims& scales) {
  if (x.rank < 1 || w.rank != 2 || scales.rank != 2)
    return violation{rule::rank, dims{0, 0}, x.rank < 1 ? x : w.rank != 2 ? w : scales};
  const std::int32_t depth = x.back(0);
  if (w[1] != depth) return violation{rule::channels, dims{depth}, dims{w[1]}};
  if (scales[0] != w[0] || scales[1] < 1 || depth % scales[1] != 0 ||
      depth / scales[1] > longest_block)
    return violation{rule::weight_count, w, scales};
  const std::int32_t count =
      depth == 0 ? 0 : static_cast<std::int32_t>(x.elements().value / as_size(depth));
  if (!(rows == dims{count})) return violation{rule::shapes_differ, dims{count}, rows};
  if (!a.keep_dims) return dims{count, w[0]};
  x[x.rank - 1] = w[0];
  return x;
}

namespace reference {
constexpr float blockwise_sum(const blockwise_params& p, const std::int16_t* x,
                              const std::int8_t* w, const float* scales) noexcept {
  const std::size_t length = p.depth / p.blocks;
  float v = 0;
  for (std::size_t b = 0; b < p.blocks; ++b) {
    std::int32_t sum = 0;
    for (std::size_t i = b * length; i < (b + 1) * length; ++i) sum += std::int32_t{x[i]} * w[i];
    v = numerics::fma(static_cast<float>(sum), scales[b], v);
  }
  return v;
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void blockwise_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const blockwise_params*>(a.params);
  const auto r = part_of(p.rows, a.part, a.parts);
  const auto* bias = static_cast<const float*>(a.in[4]);
  for (std::size_t row = r.begin; row < r.end; ++row)
    for (std::size_t o = 0; o < p.outputs; ++o) {
      const float v = blockwise_sum(p, static_cast<const std::int16_t*>(a.in[0]) + row * p.depth,
                                    static_cast<const std::int8_t*>(a.in[2]) + o * p.depth,
                                    static_cast<const float*>(a.in[3]) + o * p.blocks),
                  y = numerics::fma(v, static_cast<const float*>(a.in[1])[row],
                                    bias ? bias[o] : 0.f);
      static_cast<float*>(a.out[0])[row * p.outputs + o] = numerics::clamp(y, p.min, p.max);
    }
}
#else
void blockwise_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
constexpr status blockwise_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, blockwise_shape(read_attributes<blockwise_attrs>(*n.attrs), n.in[0].shape,
                                        n.in[1].shape, n.in[2].shape, n.in[3].shape));
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status blockwise_prepare(const node_view& n, prepared& to) {
  const dims &w = n.in[2].shape, &scales = n.in[3].shape;
  auto& p = to.make<blockwise_params>(&reference::blockwise_kernel);
  p.rows = n.in[1].shape.elements().value;
  p.depth = as_size(w[1]), p.outputs = as_size(w[0]), p.blocks = as_size(scales[1]);
  if (n.present(4) && !(n.in[4].shape == dims{w[0]}))
    return violation{rule::bias_count, dims{w[0]}, n.in[4].shape};
  const auto c = read_attributes<float_clamp_attrs>(*n.attrs);
  p.min = static_cast<float>(c.float_lo), p.max = static_cast<float>(c.float_hi);
  return unit{};
}
#else
status blockwise_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form blockwise_forms[] = {
    {.in = {dtype::s16, dtype::f32, dtype::s8, dtype::f32, dtype::f32}, .out = {dtype::f32}},
};
constexpr double blockwise_macs(const node_view& n) { return elements_out(n) * extent_in(n, 2, 1); }
inline constexpr op_def blockwise_fully_connected{
    .name = "blockwise_fully_connected",
    .summary = "matrix product of quantized rows with weights that have a scale for each block",
    .min_inputs = 4,
    .max_inputs = 5,
    .optional = {4},
    .forms = blockwise_forms,
    .attributes = keys_of<blockwise_attrs, float_clamp_attrs>,
    .shape = &blockwise_op_shape,
    .memory = &params_only<blockwise_params>,
    .prepare = &blockwise_prepare,
    .decide = &laws::blockwise_fully_connected,
    .macs = &blockwise_macs,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_BLOCKWISE_HPP_
