// variance: variances or standard deviations over axes, and means, of float32 as PyTorch computes
// them.
#ifndef OCTET_OPS_VARIANCE_HPP_
#define OCTET_OPS_VARIANCE_HPP_

#include "octet/numerics/math.hpp"
#include "octet/ops/reduce.hpp"

OCTET_NAMESPACE_BEGIN

struct variance_attrs {
  double correction = 1;  // taken off the number of elements that the squares are divided by
  bool root = false;      // the standard deviation
  static constexpr auto fields = field_list{field{"correction", &variance_attrs::correction},
                                            field{"root", &variance_attrs::root}};
};
/// Input: x; results: the variance (or its root) and the mean, of the shape of a reduction over
/// reduce_attrs. Welford's steps in binary64, in memory order, each result rounded once; where no
/// more elements than the correction are left the squares are divided by 0.
struct variance_params {
  reduce_plan plan;
  double correction = 1;
  bool root = false;
};

namespace reference {
constexpr void variance(const variance_params& p, const float* x, float* y, float* means,
                        std::size_t begin, std::size_t end) {
  for (std::size_t o = begin; o < end; ++o) {
    double mean = 0, squares = 0, n = 0;
    for_each_reduced(p.plan, o, [&](std::size_t at) {
      const auto v = static_cast<double>(x[at]);
      const double d = numerics::sub(v, mean);
      n = numerics::add(n, 1.);
      mean = numerics::add(mean, numerics::div(d, n));
      squares = numerics::add(squares, numerics::mul(d, numerics::sub(v, mean)));
    });
    const double divisor = n > p.correction ? numerics::sub(n, p.correction) : 0.,
                 v = numerics::div(squares, divisor);
    y[o] = static_cast<float>(p.root ? numerics::sqrt(v) : v);
    means[o] = static_cast<float>(mean);
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void variance_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const variance_params*>(a.params);
  const auto r = part_of(p.plan.outputs, a.part, a.parts);
  variance(p, static_cast<const float*>(a.in[0]), static_cast<float*>(a.out[0]),
           static_cast<float*>(a.out[1]), r.begin, r.end);
}
#else
void variance_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
constexpr status variance_op_shape(const node_view& n, std::span<dims> out) {
  if (auto s = reduce_op_shape(n, out); !s) return s;
  out[1] = out[0];
  return unit{};
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status variance_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<variance_attrs>(*n.attrs);
  auto& p = to.make<variance_params>(&reference::variance_kernel, kernel_id::variance);
  p.plan = make_reduce(read_attributes<reduce_attrs>(*n.attrs), n.in[0].shape);
  p.correction = a.correction, p.root = a.root;
  return unit{};
}
#else
status variance_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form variance_forms[] = {
    {.in = {dtype::f32}, .out = {dtype::f32, dtype::f32}},
};
inline constexpr op_def variance{
    .name = "variance",
    .summary = "variances or standard deviations over axes, and means",
    .outputs = 2,
    .forms = variance_forms,
    .kernel = kernel_id::variance,
    .attributes = keys_of<reduce_attrs, variance_attrs>,
    .shape = &variance_op_shape,
    .memory = &params_only<variance_params>,
    .prepare = &variance_prepare,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_VARIANCE_HPP_
