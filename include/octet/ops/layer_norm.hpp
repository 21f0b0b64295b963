// layer_norm: rows of float32 to mean 0 and variance 1, or to a mean square of 1, as ONNX Runtime's
// operators of that kind compute them. Each has an order of its own for the sums, which decides the
// last bits.
#ifndef OCTET_OPS_LAYER_NORM_HPP_
#define OCTET_OPS_LAYER_NORM_HPP_

#include "octet/laws/functions.hpp"
#include "octet/numerics/mlas_math.hpp"
#include "octet/ops/broadcast.hpp"
#include "octet/ops/norm.hpp"

OCTET_NAMESPACE_BEGIN

/// Inputs: x, weight, bias (float32, one per element of a row; both optional).
struct layer_norm_attrs {
  std::int32_t axes = 1;  // innermost axes that make up a row
  double epsilon = 1e-5;  // added to the variance
  bool centred = true;    // false: the mean stays (root mean square)
  bool running = false;   // mean and squares step by step (SkipLayerNormalization)
  bool in_order = false;  // sums of one element after another (EmbedLayerNormalization)
  static constexpr auto fields = field_list{
      field{"axes", &layer_norm_attrs::axes}, field{"epsilon", &layer_norm_attrs::epsilon},
      field{"centred", &layer_norm_attrs::centred}, field{"running", &layer_norm_attrs::running},
      field{"in_order", &layer_norm_attrs::in_order}};
};
/// How the sums of a row run.
enum class row_sums : std::uint8_t { lanes, running, in_order };
constexpr std::string_view name_of(row_sums s) noexcept {
  switch (s) {
    case row_sums::lanes: return "lanes";
    case row_sums::running: return "running";
    case row_sums::in_order: return "in_order";
  }
  return no_enumerator;
}
struct layer_norm_params {
  std::size_t rows = 0, size = 0;  // size: elements of a row
  float epsilon = 0;
  bool centred = true;
  row_sums sums = row_sums::lanes;
};

namespace reference {
/// Mean of a row (0 where it stays) and the sum of the squares of what differs from it.
struct row_moments {
  float mean = 0, squares = 0;
};
/// The mean in binary64 in 8 sums, the squares in 8 chains of fused multiply-adds; of what is left
/// over four in a row unfused, then fused.
constexpr row_moments moments_in_lanes(const float* x, std::size_t n, bool centred) noexcept {
  row_moments r;
  const std::size_t whole = n / 8 * 8;
  std::size_t i = 0;
  if (centred) {
    double sums[8] = {};
    for (; i < whole; ++i) sums[i % 8] = numerics::add(sums[i % 8], static_cast<double>(x[i]));
    double sum = numerics::sum_of_halves(sums);
    for (; i < n; ++i) sum = numerics::add(sum, static_cast<double>(x[i]));
    r.mean = static_cast<float>(numerics::div(sum, static_cast<double>(n)));
  }
  float squares[8] = {};
  for (i = 0; i < whole; ++i) {
    const float d = numerics::sub(x[i], r.mean);
    squares[i % 8] = numerics::fma(d, d, squares[i % 8]);
  }
  r.squares = numerics::sum_of_halves(squares);
  for (; i < n; ++i) {
    const float d = numerics::sub(x[i], r.mean);
    r.squares = n - whole >= 4 && i < whole + 4 ? numerics::add(r.squares, numerics::mul(d, d))
                                                : numerics::fma(d, d, r.squares);
  }
  return r;
}
/// Welford's: each element moves the mean.
constexpr row_moments running_moments(const float* x, std::size_t n) noexcept {
  row_moments r;
  for (std::size_t i = 0; i < n; ++i) {
    const float d = numerics::sub(x[i], r.mean);
    r.mean = numerics::add(r.mean, numerics::div(d, static_cast<float>(i + 1)));
    r.squares = numerics::add(r.squares, numerics::mul(d, numerics::sub(x[i], r.mean)));
  }
  return r;
}
constexpr row_moments moments_in_order(const float* x, std::size_t n, bool centred) noexcept {
  row_moments r;
  if (centred) {
    for (std::size_t i = 0; i < n; ++i) r.mean = numerics::add(r.mean, x[i]);
    r.mean = numerics::div(r.mean, static_cast<float>(n));
  }
  for (std::size_t i = 0; i < n; ++i) {
    const float d = numerics::sub(x[i], r.mean);
    r.squares = numerics::add(r.squares, numerics::mul(d, d));
  }
  return r;
}
constexpr row_moments moments_of(const layer_norm_params& p, const float* x) noexcept {
  switch (p.sums) {
    case row_sums::lanes: return moments_in_lanes(x, p.size, p.centred);
    case row_sums::running: return running_moments(x, p.size);
    case row_sums::in_order: break;
  }
  return moments_in_order(x, p.size, p.centred);
}
/// sqrt(squares / n + epsilon); by lanes what it divides is multiplied by its reciprocal.
constexpr float deviation_of(const layer_norm_params& p, float squares) noexcept {
  const float root = numerics::sqrt_f32(
      numerics::add(numerics::div(squares, static_cast<float>(p.size)), p.epsilon));
  return p.sums == row_sums::lanes ? numerics::div(1.f, root) : root;
}
constexpr void layer_norm(const layer_norm_params& p, const float* x, const float* weight,
                          const float* bias, float* y, std::size_t begin, std::size_t end) {
  for (std::size_t row = begin; row < end; ++row) {
    const float* const from = x + row * p.size;
    float* const to = y + row * p.size;
    const row_moments m = moments_of(p, from);
    const float by = deviation_of(p, m.squares);
    for (std::size_t i = 0; i < p.size; ++i) {
      const float d = numerics::sub(from[i], m.mean), w = weight ? weight[i] : 1.f;
      if (p.sums == row_sums::lanes) {
        const float t = numerics::mul(d, by);
        to[i] = bias ? numerics::fma(t, w, bias[i]) : numerics::mul(t, w);
      } else {
        const float t = numerics::mul(numerics::div(d, by), w);
        to[i] = bias ? numerics::add(t, bias[i]) : t;
      }
    }
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void layer_norm_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const layer_norm_params*>(a.params);
  const auto r = part_of(p.rows, a.part, a.parts);
  layer_norm(p, static_cast<const float*>(a.in[0]), static_cast<const float*>(a.in[1]),
             static_cast<const float*>(a.in[2]), static_cast<float*>(a.out[0]), r.begin, r.end);
}
#else
void layer_norm_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status layer_norm_prepare(const node_view& n, prepared& to) {
  const dims& x = n.in[0].shape;
  const auto a = read_attributes<layer_norm_attrs>(*n.attrs);
  auto& p = to.make<layer_norm_params>(&reference::layer_norm_kernel, kernel_id::layer_norm);
  if (a.axes < 1 || a.axes > x.rank)
    return invalid("normalized axes", std::to_string(a.axes), "1 to " + std::to_string(x.rank));
  if (a.running && a.in_order) return invalid("running and in_order", "both", "one of them");
  p.size = 1;
  for (int i = 0; i < a.axes; ++i) p.size *= as_size(x.back(i));
  if (p.size == 0) return invalid("an empty row");
  p.rows = x.elements().value / p.size;
  for (std::size_t i = 1; i < 3; ++i)
    if (n.present(i) && n.in[i].shape.elements().value != p.size)
      return invalid("weight or bias of a normalization", to_string(n.in[i].shape),
                     std::to_string(p.size) + " elements");
  p.epsilon = static_cast<float>(a.epsilon);
  p.centred = a.centred;
  // ONNX Runtime's vector loops begin at 8 elements, without the mean at 16.
  const bool lanes = !a.running && !a.in_order && p.size >= (a.centred ? 8u : 16u);
  p.sums = lanes                      ? row_sums::lanes
           : a.centred && !a.in_order ? row_sums::running
                                      : row_sums::in_order;
  return unit{};
}
#else
status layer_norm_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form float_norm_forms[] = {
    {.in = {dtype::f32, dtype::f32, dtype::f32},
     .out = {dtype::f32},
     .roundings = rounding::onnxruntime},
};
inline constexpr op_def float_layer_norm{
    .name = "layer_norm",
    .summary = "rows of float32 to mean 0 and variance 1, or to a mean square of 1",
    .min_inputs = 1,
    .max_inputs = 3,
    .optional = {1, 2},
    .forms = float_norm_forms,
    .kernel = kernel_id::layer_norm,
    .attributes = keys_of<layer_norm_attrs>,
    .shape = &same_op_shape,
    .memory = &params_only<layer_norm_params>,
    .prepare = &layer_norm_prepare,
    .decide = &laws::float_norm,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_LAYER_NORM_HPP_
