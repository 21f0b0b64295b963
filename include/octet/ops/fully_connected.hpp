// qnn.fully_connected: x [batch, K] times w [N, K], fused requantize. The input is flattened to
// [elements / K, K].
#ifndef OCTET_OPS_FULLY_CONNECTED_HPP_
#define OCTET_OPS_FULLY_CONNECTED_HPP_

#include "octet/laws/layers.hpp"
#include "octet/ops/conv2d.hpp"
#include "octet/ops/work.hpp"

OCTET_NAMESPACE_BEGIN

struct fully_connected_attrs {
  bool keep_dims = false;  // output keeps the input's leading extents: [..., N]
  static constexpr auto fields = field_list{field{"keep_dims", &fully_connected_attrs::keep_dims}};
};

struct fully_connected_params {
  std::size_t batch = 0, k = 0;
  std::int32_t n = 0;
  dtype in_type, weight_type, out_type;
  std::int32_t in_zero_point = 0;
  const std::int32_t* weight_zero_points = nullptr;  // one per output; null: all 0
  const void* weights = nullptr;  // [n][k], unpacked; null: dynamic, taken from in[1]
  const std::int32_t* bias32 = nullptr;
  const std::int64_t* bias64 = nullptr;
  bool wide = false;
  kernels::weight_fit fits = kernels::weight_fit::unknown;
  requantize_params requant;
  const std::byte* packed = nullptr;
  constexpr std::int64_t bias(std::int32_t c) const {
    return bias32 ? bias32[c] : bias64 ? bias64[c] : 0;
  }
};

namespace kernels {
constexpr gemm_problem problem_of(const fully_connected_params& p) noexcept {
  gemm_problem g;
  g.in_h = g.out_h = static_cast<std::int32_t>(p.batch), g.in_c = static_cast<std::int32_t>(p.k),
  g.out_c = p.n;
  g.in_type = p.in_type, g.weight_type = p.weight_type, g.out_type = p.out_type,
  g.in_zero_point = p.in_zero_point, g.weight_zero_points = p.weight_zero_points,
  g.weights = p.weights;
  g.weight_oc = p.k;
  g.bias32 = p.bias32, g.bias64 = p.bias64, g.wide = p.wide, g.requant = &p.requant;
  g.fits = p.fits;
  return g;
}
}  // namespace kernels

constexpr shape_or fully_connected_shape(const fully_connected_attrs& a, const dims& x,
                                         const dims& w) {
  if (w.rank != 2) return violation{rule::rank, dims{0, 0}, w};
  const std::size_t elements = x.elements().value;
  if (w[1] < 1 || elements % as_size(w[1]) != 0 || elements > max_elements)
    return violation{rule::weight_count, dims{w[0], static_cast<std::int32_t>(x.back(0))}, w};
  if (!a.keep_dims) return dims{static_cast<std::int32_t>(elements / as_size(w[1])), w[0]};
  dims y = x;
  if (y.rank == 0 || y.back(0) != w[1])
    return violation{rule::channels, dims{w[1]}, dims{x.back(0)}};
  y[y.rank - 1] = w[0];
  return y;
}

namespace reference {
template <class In, class W, class Out>
constexpr void fully_connected(const fully_connected_params& p, const In* x, const W* w,
                               const Out& y, std::size_t begin, std::size_t end) {
  for (std::size_t b = 0; b < p.batch; ++b)
    for (std::size_t c = begin; c < end; ++c) {
      const auto channel = static_cast<std::int32_t>(c);
      std::int64_t acc = p.requant.mode == rounding::float_bias_half_even ? 0 : p.bias(channel);
      const std::int32_t wz = p.weight_zero_points ? p.weight_zero_points[c] : 0;
      for (std::size_t i = 0; i < p.k; ++i)
        acc += std::int64_t{x[b * p.k + i] - p.in_zero_point} * (std::int32_t{w[c * p.k + i]} - wz);
      y.set(b * as_size(p.n) + c, finished(p.requant, acc, channel));
    }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void fully_connected_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const fully_connected_params*>(a.params);
  const auto r = part_of(as_size(p.n), a.part, a.parts);
  with_operands(p.in_type, p.weight_type, [&]<class In, class W>(type_tag<In>, type_tag<W>) {
    fully_connected(p, static_cast<const In*>(a.in[0]), static_cast<const W*>(a.in[1]),
                    integer_results{a.out[0], p.out_type}, r.begin, r.end);
  });
}
#else
void fully_connected_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
constexpr status fully_connected_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, fully_connected_shape(read_attributes<fully_connected_attrs>(*n.attrs),
                                              n.in[0].shape, n.in[1].shape));
}
constexpr void set_fully_connected(fully_connected_params& p, const node_view& n) {
  const dims& w = n.in[1].shape;
  p.k = as_size(w[1]);
  p.n = w[0];
  p.batch = n.in[0].shape.elements().value / p.k;
}
constexpr void fully_connected_memory(const node_view& n, node_memory& to) {
  fully_connected_params p{};
  set_fully_connected(p, n);
  accumulation_memory(
      n, to, p, as_size(p.n),
      [](const fully_connected_params& q) { return kernels::problem_of(q); },
      &kernels::gemm_memory);
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status fully_connected_prepare(const node_view& n, prepared& to) {
  auto& p = to.make<fully_connected_params>(&reference::fully_connected_kernel,
                                            kernel_id::fully_connected);
  set_fully_connected(p, n);
  const std::size_t k = p.k;
  auto s = prepare_accumulation(n, to, p, as_size(p.n), k,
                                [k](std::size_t c, std::size_t i) { return c * k + i; });
  if (s) know_fit(to, p, kernels::problem_of(p));
  return s;
}
#else
status fully_connected_prepare(const node_view& n, prepared& to);
#endif
inline constexpr op_def fully_connected{
    .name = "qnn.fully_connected",
    .summary = "matrix product with weights",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = accumulating_forms,
    .quantized = true,
    .accumulates = true,
    .kernel = kernel_id::fully_connected,
    .attributes = keys_of<fully_connected_attrs, accumulation_attrs, clamp_keys>,
    .shape = &fully_connected_op_shape,
    .memory = &fully_connected_memory,
    .prepare = &fully_connected_prepare,
    .decide = &laws::fully_connected,
    .macs = &layer_macs,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_FULLY_CONNECTED_HPP_
