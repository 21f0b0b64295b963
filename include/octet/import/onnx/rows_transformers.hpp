// Rows of transformers' float parts: normalizations of rows, the forms of GELU, and what ONNX
// Runtime fuses them to.
#ifndef OCTET_IMPORT_ONNX_ROWS_TRANSFORMERS_HPP_
#define OCTET_IMPORT_ONNX_ROWS_TRANSFORMERS_HPP_

#include <algorithm>

#include "octet/import/onnx/rows_values.hpp"
#include "octet/ops/layer_norm.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

/// a (op) b of floats, as a node of that operator has it.
inline value combined(emitter& m, const call& c, const op_def& op, const value& a, const value& b) {
  call pair{c.n, {a, b}};
  if (m.failed() || !m.is_real(a) || !m.is_real(b)) return {};
  binary(m, pair, op, dtype::f32);
  return m.failed() ? value{} : pair.out[0];
}
/// Over the axes from `axis` on: (x - mean) / sqrt(variance + epsilon), or without the mean.
inline value normalized(emitter& m, const value& x, std::int64_t axis, float epsilon,
                        bool centred) {
  const int rank = m.rank(x), first = m.axis(axis, rank);
  if (m.failed()) return {};
  std::vector<std::int64_t> axes;
  for (int i = first; i < rank; ++i) axes.push_back(i);
  tensor_id d = m.held(x, false);
  const auto mean = [&](tensor_id t) {
    return m.made(ops::mean, {t}, dtype::f32, reduction(axes));
  };
  if (centred) d = m.made(ops::sub, {d, mean(d)}, dtype::f32);
  const tensor_id variance = mean(m.made(ops::square, {d}, dtype::f32));
  if (m.failed()) return {};
  const tensor_id root =
      m.made(ops::sqrt, {m.made(ops::add, {variance, m.to.scalar_constant(epsilon)}, dtype::f32)},
             dtype::f32);
  return value::of(m.made(ops::div, {d, root}, dtype::f32));
}
/// What a normalization of rows is: its axes from `axis` on, and an order of its sums
/// (layer_norm_attrs), where it is not the usual one.
struct row_normalization {
  std::int64_t axis = -1;
  float epsilon = 0;
  bool centred = true;
  const char* sums = nullptr;
};
/// Rows normalized, times weight, plus bias: as one operator where weight and bias have one element
/// for each of a row's, else put together.
inline value normalized_rows(emitter& m, const call& c, const value& x, const row_normalization& r,
                             const value& weight, const value& bias) {
  const int rank = m.rank(x), first = m.axis(r.axis, rank);
  if (m.failed() || !m.is_real(x) || !m.is_real(weight) || (bias.given() && !m.is_real(bias)))
    return {};
  std::size_t size = 1;
  for (int i = first; i < rank; ++i) size *= as_size(m.shape(x)[i]);
  const auto fits = [&](const value& v) { return m.shape(v).elements().value == size; };
  if (size == 0 || !fits(weight) || (bias.given() && !fits(bias))) {
    value y = normalized(m, x, r.axis, r.epsilon, r.centred);
    y = combined(m, c, ops::mul, y, weight);
    return bias.given() ? combined(m, c, ops::add, y, bias) : y;
  }
  attributes a;
  a.set("axes", std::int64_t{rank - first});
  a.set("epsilon", static_cast<double>(r.epsilon));
  if (!r.centred) a.set("centred", std::int64_t{0});
  if (r.sums) a.set(r.sums, std::int64_t{1});
  std::vector<tensor_id> in{m.held(x, false), m.held(weight, false)};
  if (bias.given()) in.push_back(m.held(bias, false));
  return value::of(m.made(ops::float_layer_norm, std::move(in), dtype::f32, std::move(a)));
}
/// x, scale, [bias].
template <bool Centred> void layer_normalization_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 3) || !m.is_real(c.in[0])) return;
  const row_normalization r{m.integer(c, "axis", -1), m.real(c, "epsilon", 1e-5f), Centred};
  const value y = normalized_rows(m, c, c.in[0], r, c.in[1], c.input(2));
  if (!m.failed()) c.out = {y};
}
/// x, skip, gamma, [beta (only with the mean)], [bias]: the sum is normalized; it is result 3.
template <bool Centred> void skip_layer_normalization_row(emitter& m, call& c) {
  constexpr std::size_t bias = Centred ? 4 : 3;
  if (!m.arity(c, 3, bias + 1) || !m.is_real(c.in[0])) return;
  value sum = combined(m, c, ops::add, c.in[0], c.in[1]);
  if (c.has(bias)) sum = combined(m, c, ops::add, sum, c.in[bias]);
  if (m.failed()) return;
  const row_normalization r{-1, m.real(c, "epsilon", Centred ? 1e-12f : 1e-6f), Centred, "running"};
  const value y = normalized_rows(m, c, sum, r, c.in[2], Centred ? c.input(3) : value{});
  if (!m.failed()) c.out = {y, value{}, value{}, sum};
}
/// x, [bias]: GELU of the sum.
template <bool Approximate> void bias_gelu_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 2) || !m.is_real(c.in[0])) return;
  value x = c.in[0];
  if (c.has(1)) x = combined(m, c, ops::add, x, c.in[1]);
  if (m.failed()) return;
  attributes a;
  if (Approximate) a.set("approximate", std::int64_t{1});
  m.give(c, m.made(ops::gelu, {m.held(x)}, dtype::f32, std::move(a)), x.channels_inner);
}
/// x * sigmoid(alpha * x); Swish: alpha is 1 where it is not given.
template <bool Swish> void quick_gelu_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  const float alpha = m.real(c, "alpha", Swish ? 1.f : 1.702f);
  const tensor_id x = m.held(c.in[0]);
  tensor_id s = x;
  if (alpha != 1.f) s = m.made(ops::mul, {x, m.to.scalar_constant(alpha)}, dtype::f32);
  m.give(c, m.made(ops::mul, {x, m.made(ops::logistic, {s}, dtype::f32)}, dtype::f32),
         c.in[0].channels_inner);
}
/// x, [k]: 0 below diagonal k of the last two axes, or above it.
inline void trilu_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 2)) return;
  const dims s = m.shape(c.in[0]);
  if (s.rank < 2) return m.broken("rank", std::to_string(s.rank), "2 or more");
  std::int64_t k = 0;
  if (c.has(1)) {
    const auto list = m.constant_integers(c.in[1], "the diagonal of Trilu");
    if (m.failed()) return;
    if (list.size() != 1) return m.broken("the diagonal of Trilu", std::to_string(list.size()));
    k = std::clamp<std::int64_t>(list[0], -s.back(1), s.back(0));
  }
  const bool upper = m.integer(c, "upper", 1) != 0;
  dims shape;
  for (int i = 0; i < s.rank - 2; ++i) shape.push_back(1);
  shape.push_back(s.back(1)), shape.push_back(s.back(0));
  if (!m.check(verify_size(shape, dtype::boolean, m.to.max, "a triangle"))) return;
  std::vector<std::byte> kept;
  for (std::int64_t row = 0; row < s.back(1); ++row)
    for (std::int64_t column = 0; column < s.back(0); ++column)
      kept.push_back(std::byte{upper ? column - row >= k : column - row <= k});
  const dtype t = m.type(c.in[0]);
  const std::vector<std::byte> zero(size_of(t));
  const tensor_id mask = m.new_constant("", dtype::boolean, shape, kept),
                  none = m.new_constant("", t, dims{}, zero);
  m.give(c, m.made(ops::select, {mask, m.held(c.in[0], false), none}, t), false);
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_TRANSFORMERS_HPP_
