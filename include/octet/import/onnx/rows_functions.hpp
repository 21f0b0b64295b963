// Rows put together from other operators: activations, norms of vectors and images, products with
// attributes, elements by index, nodes with subgraphs.
#ifndef OCTET_IMPORT_ONNX_ROWS_FUNCTIONS_HPP_
#define OCTET_IMPORT_ONNX_ROWS_FUNCTIONS_HPP_

#include <algorithm>

#include "octet/import/common/einsum.hpp"
#include "octet/import/onnx/rows_shape.hpp"
#include "octet/import/onnx/rows_transformers.hpp"
#include "octet/ops/local_response.hpp"
#include "octet/ops/scatter.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

/// If, Loop, Scan.
inline void subgraphs_row(emitter& m, call& c) { m.check(m.run_subgraphs(c)); }

// ---- activations of floats ----

/// A value while a formula is written down; f32 in and out.
class formula {
 public:
  explicit formula(emitter& m) : m_(m) {}
  tensor_id operator()(const op_def& op, tensor_id x, attributes a = {}) const {
    return m_.made(op, {x}, dtype::f32, std::move(a));
  }
  tensor_id operator()(const op_def& op, tensor_id x, tensor_id y) const {
    return m_.made(op, {x, y}, dtype::f32);
  }
  tensor_id operator()(const op_def& op, tensor_id x, float y) const {
    return m_.made(op, {x, m_.to.scalar_constant(y)}, dtype::f32);
  }
  tensor_id choice(const op_def& condition, tensor_id x, float bound, tensor_id yes,
                   tensor_id no) const {
    const tensor_id which = m_.made(condition, {x, m_.to.scalar_constant(bound)}, dtype::boolean);
    return m_.made(ops::select, {which, yes, no}, dtype::f32);
  }

 private:
  emitter& m_;
};
inline attributes alpha_of(float alpha) {
  attributes a;
  a.set("alpha", static_cast<double>(alpha));
  return a;
}
/// One of the activations that are formulas, by the node's name.
inline void activation_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  const formula f(m);
  const bool inner = inner_by_fours(m, c.in[0]);
  const tensor_id x = m.held(c.in[0], inner);
  tensor_id y = no_tensor;
  if (c.n.op == "Softplus") {
    y = f(ops::softplus, x);
  } else if (c.n.op == "Softsign") {
    const tensor_id size = f(ops::add, f(ops::abs, x), 1.f);
    y = f(ops::mul, f(ops::div, m.to.scalar_constant(1.f), size), x);
  } else if (c.n.op == "Mish") {
    y = f(ops::mul, x, f(ops::tanh, f(ops::softplus, x)));
  } else if (c.n.op == "Selu") {
    const float alpha = m.real(c, "alpha", 1.67326319217681884765625f),
                gamma = m.real(c, "gamma", 1.05070102214813232421875f);
    // Of -0 and 0 alpha gamma (exp(x) - 1) is 0.
    const tensor_id low = f(ops::add, f(ops::elu, x, alpha_of(numerics::mul(alpha, gamma))), 0.f);
    y = f.choice(ops::greater, x, 0.f, f(ops::mul, x, gamma), low);
  } else if (c.n.op == "Celu") {
    const float alpha = m.real(c, "alpha", 1.f);
    if (!(alpha > 0)) return m.refuse("alpha of Celu", std::to_string(alpha), "above 0");
    const tensor_id low = f(ops::mul, f(ops::elu, f(ops::div, x, alpha), alpha_of(1.f)), alpha);
    y = f.choice(ops::greater, x, 0.f, x, f(ops::add, low, 0.f));
  } else {  // ThresholdedRelu
    const tensor_id none = m.to.scalar_constant(0.f);
    y = f.choice(ops::greater, x, m.real(c, "alpha", 1.f), x, none);
  }
  m.give(c, y, inner);
}
/// x, slope that broadcasts to x.
inline void prelu_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2) || !m.is_real(c.in[0])) return;
  const value below = combined(m, c, ops::mul, c.in[0], c.in[1]);
  if (m.failed()) return;
  const bool inner = m.common_layout({c.in[0], below});
  const tensor_id x = m.held(c.in[0], inner);
  const formula f(m);
  m.give(c, f.choice(ops::less, x, 0.f, m.held(below, inner), x), inner);
}
inline void is_nan_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  const tensor_id x = m.held(c.in[0]);
  m.give(c, m.made(ops::not_equal, {x, x}, dtype::boolean), c.in[0].channels_inner);
}
/// Infinite, with the signs that are asked for.
inline void is_inf_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  const bool above = m.integer(c, "detect_positive", 1) != 0,
             below = m.integer(c, "detect_negative", 1) != 0;
  const formula f(m);
  tensor_id x = m.held(c.in[0]);
  if (above && below) x = f(ops::abs, x);
  float bound = std::numeric_limits<float>::infinity();
  if (!above) bound = below ? -bound : std::numeric_limits<float>::quiet_NaN();
  m.give(c, m.made(ops::equal, {x, m.to.scalar_constant(bound)}, dtype::boolean),
         c.in[0].channels_inner);
}
/// Integers: the sign of the divisor, unless fmod asks for that of the dividend.
inline void mod_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2)) return;
  binary_row<ops::floor_mod>(m, c);
  if (m.failed() || m.integer(c, "fmod", 0) == 0) return;
  const dtype t = m.type(c.in[0]);
  if (t != dtype::s32 && t != dtype::s64)
    return m.refuse("fmod of " + std::string(name_of(t)), "1", "0, or int32, int64");
  const auto zero = [&] {
    return value::of(t == dtype::s64 ? m.to.scalar_constant(std::int64_t{0})
                                     : m.to.scalar_constant(std::int32_t{0}));
  };
  const auto of = [&](const op_def& op, const value& a, const value& b, dtype result) {
    call pair{c.n, {a, b}};
    if (!m.failed()) binary(m, pair, op, result);
    return m.failed() ? value{} : pair.out[0];
  };
  // Where a remainder is not 0 and the signs differ, it is one divisor too far.
  const value rest = c.out[0], none = zero();
  const value signs = of(ops::not_equal, of(ops::less, c.in[0], none, dtype::boolean),
                         of(ops::less, c.in[1], none, dtype::boolean), dtype::boolean);
  const value far =
      of(ops::logical_and, signs, of(ops::not_equal, rest, none, dtype::boolean), dtype::boolean);
  call choice{c.n, {far, of(ops::sub, rest, c.in[1], t), rest}};
  if (m.failed()) return;
  where_row(m, choice);
  if (!m.failed()) c.out = std::move(choice.out);
}

// ---- norms ----

/// Sums [rows, 1] of squares [rows, size], as Eigen adds what it computes on the way: whole vectors
/// of four from the first element on, then the elements that are left.
inline tensor_id sums_of_rows(emitter& m, tensor_id squares) {
  const formula f(m);
  if (m.failed()) return no_tensor;
  const std::int32_t size = m.tensor_of(squares).shape[1], whole = size / 4 * 4;
  if (whole == size) return f(ops::sum, squares, reduction({1}));
  if (whole == 0) return f(ops::sum, squares, reduction_in_order({1}));
  tensor_id sum = f(ops::sum, part_of_axis(m, squares, 1, 0, whole), reduction({1}));
  for (std::int32_t k = whole; k < size; ++k)
    sum = f(ops::add, sum, part_of_axis(m, squares, 1, k, 1));
  return sum;
}
/// Over the axes behind the channels: x, scale, bias, one of each a channel. x times
/// f = f32(f32(1 / root) scale), plus f32(bias - f32(mean f)).
inline void instance_normalization_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 3) || !m.is_real(c.in[0])) return;
  const dims in = m.shape(c.in[0]);
  if (in.rank < 3) return m.broken("rank", std::to_string(in.rank), "3 or more");
  const std::int32_t channels = in[1];
  std::int64_t rows = std::int64_t{in[0]} * channels, size = 1;
  for (int i = 2; i < in.rank; ++i) size *= in[i];
  if (rows < 1 || size < 1) return m.refuse("InstanceNormalization of nothing", to_string(in));
  for (std::size_t k = 1; k < 3; ++k)
    if (!m.is_real(c.in[k]) || !(m.shape(c.in[k]) == dims{channels}))
      return m.broken("shape of a parameter of InstanceNormalization", to_string(m.shape(c.in[k])),
                      to_string(dims{channels}));
  const formula f(m);
  const dims by_row{static_cast<std::int32_t>(rows), static_cast<std::int32_t>(size)},
      by_channel{in[0], channels, 1};
  const auto parameter = [&](std::size_t k) {
    return m.reshaped(m.held(c.in[k], false), dims{channels, 1});
  };
  const tensor_id x = m.reshaped(m.held(c.in[0], false), by_row),
                  mean = f(ops::mean, x, reduction({1})),
                  squares = f(ops::square, f(ops::sub, x, mean)),
                  variance = f(ops::div, sums_of_rows(m, squares), static_cast<float>(size)),
                  root = f(ops::sqrt, f(ops::add, variance, m.real(c, "epsilon", 1e-5f))),
                  inverse = m.reshaped(f(ops::div, m.to.scalar_constant(1.f), root), by_channel),
                  factor = f(ops::mul, inverse, parameter(1)),
                  shift =
                      f(ops::sub, parameter(2), f(ops::mul, m.reshaped(mean, by_channel), factor)),
                  y = f(ops::add, f(ops::mul, m.reshaped(x, {in[0], channels, by_row[1]}), factor),
                        shift);
  m.give(c, m.reshaped(y, in), false);
}
/// Over groups of channels: x, scale, bias, one of each a channel (opset 18: a group). The variance
/// is the mean of the squares less the mean's square, as in ONNX's own definition.
inline void group_normalization_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 3) || !m.is_real(c.in[0])) return;
  const dims x = m.shape(c.in[0]);
  const std::int64_t groups = m.integer(c, "num_groups", 0);
  if (x.rank < 3 || groups < 1 || groups > x[1] || x[1] % groups != 0)
    return m.broken("attribute num_groups", std::to_string(groups), "a divisor of the channels");
  dims in{x[0], static_cast<std::int32_t>(groups), x[1] / static_cast<std::int32_t>(groups)};
  std::int64_t pixels = 1;
  for (int i = 2; i < x.rank; ++i) pixels *= x[i];
  in.push_back(static_cast<std::int32_t>(pixels));
  if (in.elements().value == 0) return m.refuse("GroupNormalization of nothing", to_string(x));
  const formula f(m);
  const tensor_id t = m.reshaped(m.held(c.in[0], false),
                                 {x[0], in[1], joined_extent(m, in[2], in[3])}),
                  mean = f(ops::mean, t, reduction({2})),
                  squares = f(ops::mean, f(ops::square, t), reduction({2})),
                  variance = f(ops::sub, squares, f(ops::square, mean)),
                  root = f(ops::sqrt, f(ops::add, variance, m.real(c, "epsilon", 1e-5f)));
  value y = value::of(m.reshaped(f(ops::div, f(ops::sub, t, mean), root), in));
  for (std::size_t k = 1; k < 3 && !m.failed(); ++k) {
    const dims s = m.shape(c.in[k]);
    const bool of_groups = s == dims{in[1]} && m.opset < 21;
    if (!of_groups && !(s == dims{x[1]}))
      return m.broken("shape of a parameter of GroupNormalization", to_string(s));
    const tensor_id p =
        m.reshaped(m.held(c.in[k], false), of_groups ? dims{in[1], 1, 1} : dims{in[1], in[2], 1});
    if (!m.failed()) y = combined(m, c, k == 1 ? ops::mul : ops::add, y, value::of(p));
  }
  if (!m.failed()) m.give(c, m.reshaped(m.held(y, false), x), false);
}
/// Along the channels of images, which stand last in octet.
inline void local_response_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  const std::int64_t size = m.integer(c, "size", 0);
  const dims s = m.shape(c.in[0]);
  if (s.rank < 3) return m.broken("rank of LRN's input", std::to_string(s.rank), "3 or more");
  if (size < 1 || size > 1 << 20 || size % 2 == 0)
    return m.broken("size of LRN", std::to_string(size), "an odd number");
  local_response_attrs a;
  a.radius = static_cast<std::int32_t>(size / 2);
  a.bias = static_cast<double>(m.real(c, "bias", 1.f));
  a.beta = static_cast<double>(m.real(c, "beta", 0.75f));
  a.alpha = static_cast<double>(numerics::div(m.real(c, "alpha", 1e-4f), static_cast<float>(size)));
  m.give(c,
         m.made(ops::local_response_normalization, {m.held(c.in[0], true)}, dtype::f32,
                to_attributes(a)),
         true);
}
/// x by the length of its vectors along an axis.
inline void lp_normalization_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  const std::int64_t p = m.integer(c, "p", 2);
  if (p != 1 && p != 2) return m.refuse("p of LpNormalization", std::to_string(p), "1, 2");
  const tensor_id x = m.held(c.in[0]);
  const int axis = m.axis(m.integer(c, "axis", -1), m.rank(c.in[0]));
  if (m.failed()) return;
  const formula f(m);
  tensor_id length = f(ops::sum, f(p == 1 ? ops::abs : ops::square, x),
                       reduction_in_order({m.axis_of(c.in[0], axis)}));
  if (p == 2) length = f(ops::sqrt, length);
  length = f.choice(ops::greater, length, 0.f, length, m.to.scalar_constant(1.f));
  m.give(c, f(ops::div, x, length), c.in[0].channels_inner);
}
/// ReduceL1, ReduceL2, ReduceSumSquare, ReduceLogSum, ReduceLogSumExp: a function, a sum, a
/// function. ReduceLogSumExp takes the largest element off first.
inline void reduce_function_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 2) || !m.is_real(c.in[0])) return;
  const std::string& op = c.n.op;
  const formula f(m);
  const value& x = c.in[0];
  node keeping = c.n;
  keeping.attributes["keepdims"].integer = 1;
  const auto reduced = [&](const value& v, bool largest) {
    call inner{largest ? keeping : c.n, {v}};
    if (c.has(1)) inner.in.push_back(c.in[1]);
    reduce_by(m, inner, largest ? ops::reduce_max : ops::sum, 18, true);
    return m.failed() ? value{} : inner.out[0];
  };
  value y = x;
  if (op == "ReduceL1" || op == "ReduceL2" || op == "ReduceSumSquare")
    y = value::of(f(op == "ReduceL1" ? ops::abs : ops::square, m.held(x)), x.channels_inner);
  if (op == "ReduceLogSumExp") {
    // The same reduction with and without the axes that go.
    const tensor_id flat = m.held(x, false);
    if (m.failed()) return;
    const value most = reduced(value::of(flat), true);
    if (m.failed()) return;
    y = value::of(f(ops::exp, f(ops::sub, flat, m.held(most, false))));
    const value sum = reduced(y, false);
    if (m.failed()) return;
    const tensor_id largest = m.reshaped(m.held(most, false), m.shape(sum));
    return m.give(c, f(ops::add, f(ops::log, m.held(sum, false)), largest), false);
  }
  y = m.failed() ? value{} : reduced(y, false);
  if (m.failed()) return;
  if (op == "ReduceL2" || op == "ReduceLogSum")
    y = value::of(f(op == "ReduceL2" ? ops::sqrt : ops::log, m.held(y)), y.channels_inner);
  if (!m.failed()) c.out = {y};
}

// ---- products ----

inline tensor_id turned_axes(emitter& m, tensor_id x, const std::vector<std::int64_t>& order) {
  if (m.failed() || std::is_sorted(order.begin(), order.end())) return m.failed() ? no_tensor : x;
  attributes a;
  a.set("perm", order);
  return m.moved(ops::transpose, x, std::move(a));
}
inline tensor_id reshaped_to(emitter& m, tensor_id x, const std::vector<std::int64_t>& extents) {
  if (m.failed()) return no_tensor;
  dims s;
  if (extents.size() > dims::max_rank) {
    m.refuse("rank of an Einstein sum", std::to_string(extents.size()), "at most 8");
    return no_tensor;
  }
  for (const std::int64_t e : extents) {
    if (e > INT32_MAX) m.fail(import::too_large("extent of an Einstein sum"));
    s.push_back(static_cast<std::int32_t>(e));
  }
  return m.failed() ? no_tensor : m.reshaped(x, s);
}

/// MatMul of operands that may be transposed, its sums times alpha.
inline void fused_matmul_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2) || !m.is_real(c.in[0]) || !m.is_real(c.in[1])) return;
  for (const char* key : {"transBatchA", "transBatchB"})
    if (m.integer(c, key, 0) != 0) return m.refuse(key, "1", "0");
  const auto turned = [&](std::size_t i, const char* key) {
    return m.integer(c, key, 0) != 0 && m.rank(c.in[i]) >= 2;
  };
  const auto operand = [&](std::size_t i, bool turn) {
    if (!turn) return c.in[i];
    const tensor_id t = transposed(m, m.held(c.in[i], false));
    return m.failed() ? value{} : value::of(t);
  };
  const bool a = turned(0, "transA"), b = turned(1, "transB");
  call product{c.n, {operand(0, a), operand(1, b)}};
  if (m.failed()) return;
  scaled_matmul(m, product, m.real(c, "alpha", 1.f), a, b);
  if (!m.failed()) c.out = std::move(product.out);
}

inline tensor_id einsum_operand_of(emitter& m, tensor_id x, const import::einsum_operand& o) {
  if (!o.sum.empty()) x = m.made(ops::sum, {x}, dtype::f32, reduction(o.sum, false));
  x = turned_axes(m, x, o.order);
  return o.matrices.empty() ? x : reshaped_to(m, x, o.matrices);
}
/// The diagonal of two axes of one extent, as last axis.
inline tensor_id diagonal_of(emitter& m, tensor_id x, const std::array<std::int64_t, 2>& axes) {
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(x).shape;
  const std::int32_t n = s[static_cast<int>(axes[0])];
  std::vector<std::int64_t> order, size, index;
  for (std::int64_t i = 0; i < s.rank; ++i)
    if (i != axes[0] && i != axes[1]) order.push_back(i), size.push_back(s[static_cast<int>(i)]);
  order.insert(order.end(), axes.begin(), axes.end());
  size.push_back(std::int64_t{n} * n);
  if (!m.check(verify_size(dims{n}, dtype::s64, m.to.max, "places"))) return no_tensor;
  for (std::int64_t i = 0; i < n; ++i) index.push_back(i * (n + 1));
  attributes last;
  last.set("axis", static_cast<std::int64_t>(size.size()) - 1);
  return m.made(
      ops::gather,
      {reshaped_to(m, turned_axes(m, x, order), size), m.new_constant("", dims{n}, index)},
      dtype::f32, std::move(last));
}
/// Any number of operands, multiplied from the first to the last.
inline void einsum_row(emitter& m, call& c) {
  if (!m.arity(c, 1, c.in.size())) return;
  std::vector<tensor_id> in;
  std::vector<std::vector<std::int64_t>> shapes;
  for (const value& v : c.in) {
    if (!m.is_real(v)) return;
    in.push_back(m.held(v, false));
    const dims s = m.shape(v);
    shapes.emplace_back(s.begin(), s.end());
  }
  const std::string equation = m.text(c, "equation", "");
  if (m.failed()) return;
  const auto plan = import::plan_einsum(equation, shapes);
  if (!plan) return m.fail(plan.error());
  for (const import::einsum_diagonal& d : plan->diagonals)
    in[d.operand] = diagonal_of(m, in[d.operand], d.axes);
  tensor_id y = in[0];
  if (in.size() == 1) y = einsum_operand_of(m, y, plan->alone);
  for (std::size_t k = 1; k < in.size(); ++k) {
    const import::einsum_product& p = plan->products[k - 1];
    const tensor_id left = einsum_operand_of(m, y, p.left),
                    right = einsum_operand_of(m, in[k], p.right);
    y = m.made(ops::batch_matmul, {left, right}, dtype::f32);
    y = turned_axes(m, reshaped_to(m, y, p.extents), p.order);
  }
  m.give(c, y, false);
}

// ---- elements by index ----

/// Indices of the first `count` axes stand in front of those given.
inline tensor_id with_batches(emitter& m, tensor_id index, const dims& x, std::int64_t count) {
  if (m.failed()) return no_tensor;
  dims s = m.tensor_of(index).shape;
  bool fits = count < s.rank && count < x.rank;
  for (int i = 0; fits && i < count; ++i) fits = s[i] == x[i];
  if (!fits || count < 0) {
    m.broken("batch_dims of GatherND", std::to_string(count), "axes that both inputs have");
    return no_tensor;
  }
  s[s.rank - 1] = static_cast<std::int32_t>(count);
  if (!m.check(verify_size(s, dtype::s64, m.to.max, "indices"))) return no_tensor;
  std::vector<std::int64_t> list(s.elements().value);
  for (std::size_t k = 0; k < list.size(); ++k) {
    std::size_t at = k / as_size(count);
    for (int i = s.rank - 2; i >= 0; --i) {
      if (i == static_cast<int>(k % as_size(count)))
        list[k] = static_cast<std::int64_t>(at % as_size(s[i]));
      at /= as_size(s[i]);
    }
  }
  if (m.tensor_of(index).type != dtype::s64) index = m.made(ops::cast, {index}, dtype::s64);
  return joined_on(m, {m.new_constant("", s, list), index}, s.rank - 1);
}
inline void gather_nd_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2)) return;
  const tensor_id x = m.held(c.in[0], false);
  tensor_id index = m.held(c.in[1], false);
  if (const std::int64_t batches = m.integer(c, "batch_dims", 0); batches != 0 && !m.failed())
    index = with_batches(m, index, m.tensor_of(x).shape, batches);
  if (m.failed()) return;
  m.give(c, m.made(ops::gather_nd, {x, index}, m.type(c.in[0])), false);
}
/// x, indices [.., k], updates: rows or elements of x replaced. Where several go to one place,
/// which ONNX leaves open, the last one stays.
inline void scatter_nd_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 3)) return;
  if (const std::string how = m.text(c, "reduction", "none"); how != "none")
    return m.refuse("reduction of ScatterND", how, "none");
  const dims x = m.shape(c.in[0]), s = m.shape(c.in[1]);
  if (s.rank < 1 || s.back(0) > x.rank)
    return m.broken("shapes of ScatterND", to_string(x) + ", " + to_string(s));
  tensor_id index = m.held(c.in[1], false);
  const tensor_id from = m.held(c.in[0], false), updates = m.without_scales(m.held(c.in[2], false));
  if (m.failed()) return;
  // Places are counted from the end where they are negative.
  const std::vector<std::int64_t> extents(x.begin(), x.begin() + s.back(0));
  const tensor_id below = m.made(ops::less, {index, m.to.scalar_constant(std::int64_t{0})},
                                 dtype::boolean),
                  moved = m.made(ops::add, {index, m.to.constant(extents)}, dtype::s64);
  index = m.made(ops::select, {below, moved, index}, dtype::s64);
  const auto scattered = [&](tensor_id values, tensor_id rest, dtype t) {
    attributes a;
    a.set("shape", std::vector<std::int64_t>(x.begin(), x.end()));
    return m.made(ops::sparse_to_dense, {index, values, rest}, t, std::move(a));
  };
  const auto zero_of = [&](dtype t) {
    const std::array<std::byte, 8> none{};
    return m.new_constant("", t, dims{}, std::span(none).first(size_of(t)));
  };
  const dtype t = m.type(c.in[0]);
  const std::uint8_t yes = 1;
  const tensor_id truth =
                      m.new_constant("", dtype::boolean, dims{}, std::as_bytes(std::span(&yes, 1))),
                  there = scattered(truth, zero_of(dtype::boolean), dtype::boolean);
  m.give(c, m.chosen(there, scattered(updates, zero_of(t), t), from), false);
}
/// The first `lengths` elements along an axis the other way round, for each batch.
inline void reverse_sequence_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2)) return;
  const int rank = m.rank(c.in[0]);
  attributes a;
  a.set("axis", std::int64_t{m.axis(m.integer(c, "time_axis", 0), rank)});
  a.set("batch_axis", std::int64_t{m.axis(m.integer(c, "batch_axis", 1), rank)});
  m.give(c,
         m.made(ops::reverse_sequence, {m.held(c.in[0], false), m.held(c.in[1], false)},
                m.type(c.in[0]), std::move(a)),
         false);
}
/// y[i][j][k] = x[index[i][j][k]][j][k] for axis 0: positions in x as one list.
template <class T> void gather_elements(emitter& m, call& c) {
  const dims x = m.shape(c.in[0]), s = m.shape(c.in[1]);
  const int axis = m.axis(m.integer(c, "axis", 0), x.rank);
  if (m.failed()) return;
  if (s.rank != x.rank || x.elements().value > INT32_MAX)
    return m.broken("shapes of GatherElements", to_string(x) + ", " + to_string(s));
  for (int i = 0; i < x.rank; ++i)
    if (i != axis && s[i] > x[i])
      return m.broken("shape of the indices of GatherElements", to_string(s), to_string(x));
  const std::size_t count = s.elements().value;
  if (!m.check(verify_size(s, dtype_of<T>, m.to.max, "positions"))) return;
  std::vector<T> place(count, 0);
  std::int64_t stride = 1, step = 1;  // step: that of the axis
  std::size_t inner = 1;
  for (int i = x.rank; i-- > 0;) {
    const auto extent = as_size(s[i]);
    if (i == axis) step = stride;
    for (std::size_t k = 0; k < count && i != axis; ++k)
      place[k] += static_cast<T>(static_cast<std::int64_t>(k / inner % extent) * stride);
    inner *= extent, stride *= x[i];
  }
  const auto of = [&](std::int64_t v) { return m.to.scalar_constant(static_cast<T>(v)); };
  const auto number = [&](const op_def& op, tensor_id a, tensor_id b) {
    return m.made(op, {a, b}, dtype_of<T>);
  };
  tensor_id index = m.held(c.in[1], false);
  index = m.made(ops::select,
                 {m.made(ops::less, {index, of(0)}, dtype::boolean),
                  number(ops::add, index, of(x[axis])), index},
                 dtype_of<T>);
  index = number(ops::add, number(ops::mul, index, of(step)), m.new_constant("", s, place));
  attributes a;
  a.set("axis", std::int64_t{0});
  const tensor_id list =
      m.reshaped(m.held(c.in[0], false), dims{static_cast<std::int32_t>(x.elements().value)});
  if (m.failed()) return;
  m.give(c, m.made(ops::gather, {list, index}, m.type(c.in[0]), std::move(a)), false);
}
inline void gather_elements_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2)) return;
  if (m.type(c.in[1]) == dtype::s64) return gather_elements<std::int64_t>(m, c);
  if (m.type(c.in[1]) == dtype::s32) return gather_elements<std::int32_t>(m, c);
  m.broken("element type of indices", std::string(name_of(m.type(c.in[1]))), "int64, int32");
}
/// x, k (an attribute before opset 10): values and indices, the largest first.
inline void top_k_row(emitter& m, call& c) {
  if (!m.arity(c, m.opset < 10 ? 1 : 2, 2)) return;
  const bool smallest = m.integer(c, "largest", 1) == 0;  // the largest of -x
  if (smallest && !m.is_real(c.in[0])) return;
  if (m.integer(c, "sorted", 1) == 0) return m.refuse("sorted of TopK", "0", "1");
  std::int64_t k = m.integer(c, "k", 0);
  if (m.opset >= 10) {
    const auto list = m.constant_integers(c.in[1], "k of TopK");
    if (m.failed()) return;
    if (list.size() != 1) return m.broken("k of TopK");
    k = list[0];
  }
  const int rank = m.rank(c.in[0]), axis = m.axis(m.integer(c, "axis", -1), rank);
  if (m.failed()) return;
  std::vector<std::int64_t> swap;
  for (int i = 0; i < rank; ++i) swap.push_back(i == axis ? rank - 1 : i == rank - 1 ? axis : i);
  const auto swapped = [&](tensor_id t) {
    if (axis == rank - 1 || m.failed()) return t;
    attributes a;
    a.set("perm", swap);
    return m.moved(ops::transpose, t, std::move(a));
  };
  const auto turned = [&](tensor_id t) { return smallest ? m.made(ops::neg, {t}, dtype::f32) : t; };
  const tensor_id x = turned(swapped(m.held(c.in[0], false)));
  if (m.failed()) return;
  const tensor_id y = m.to.like(x), index = m.to.temporary("", dtype::s64);
  attributes a;
  a.set("k", k);
  m.emit(ops::topk, {x}, {y, index}, std::move(a));
  const tensor_id values = swapped(turned(y)), places = swapped(index);
  if (!m.failed()) c.out = {value::of(values), value::of(places)};
}
/// indices, depth, [off, on].
inline void one_hot_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 3)) return;
  std::vector<std::int64_t> depth;
  if (m.type(c.in[1]) == dtype::f32)
    depth.push_back(static_cast<std::int64_t>(
        std::clamp(m.constant_float(c.in[1], "depth of OneHot"), -1.f, 0x1p31f)));
  else
    depth = m.constant_integers(c.in[1], "depth of OneHot");
  if (m.failed()) return;
  if (depth.size() != 1 || depth[0] < 1 || depth[0] > INT32_MAX) return m.broken("depth of OneHot");
  const dims s = m.shape(c.in[2]);
  if (!(s == dims{2})) return m.broken("values of OneHot", to_string(s), "[2]");
  const dtype t = m.type(c.in[0]);
  if (t != dtype::s64 && t != dtype::s32)
    return m.refuse("element type of OneHot's indices", std::string(name_of(t)), "int64, int32");
  tensor_id index = m.held(c.in[0], false);
  if (m.failed()) return;
  const auto of = [&](std::int64_t v) {
    return t == dtype::s64 ? m.to.scalar_constant(v)
                           : m.to.scalar_constant(static_cast<std::int32_t>(v));
  };
  index = m.made(ops::select,
                 {m.made(ops::less, {index, of(0)}, dtype::boolean),
                  m.made(ops::add, {index, of(depth[0])}, t), index},
                 t);
  const tensor_id both = m.held(c.in[2], false);
  const auto one = [&](std::int64_t at) {
    return m.reshaped(part_of_axis(m, both, 0, at, 1), dims{});
  };
  attributes a;
  a.set("depth", depth[0]), a.set("axis", m.integer(c, "axis", -1));
  m.give(c, m.made(ops::one_hot, {index, one(1), one(0)}, m.type(c.in[2]), std::move(a)), false);
}
/// Ones on a diagonal, in the shape of the input.
inline void eye_like_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const dims s = m.shape(c.in[0]);
  if (s.rank != 2) return m.broken("rank of EyeLike's input", std::to_string(s.rank), "2");
  result<dtype> t = m.type(c.in[0]);
  if (c.n.find("dtype"))
    t = element_type(m.integer(c, "dtype", data_type_code("FLOAT")), "EyeLike's result");
  if (!t) return m.fail(t.error());
  const std::int64_t k = m.integer(c, "k", 0);
  if (!m.check(verify_size(s, dtype::f32, m.to.max, "EyeLike"))) return;
  std::vector<float> list;
  for (std::int64_t row = 0; row < s[0]; ++row)
    for (std::int64_t column = 0; column < s[1]; ++column)
      list.push_back(column - row == k ? 1.f : 0.f);
  const tensor_id y = m.new_constant("", s, list);
  m.give(c, *t == dtype::f32 ? y : m.made(ops::cast, {y}, *t), false);
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_FUNCTIONS_HPP_
