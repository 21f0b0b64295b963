// Rows put together from other operators: activations, norms of vectors and images, products with
// attributes, elements by index, nodes with subgraphs.
#ifndef OCTET_IMPORT_ONNX_ROWS_FUNCTIONS_HPP_
#define OCTET_IMPORT_ONNX_ROWS_FUNCTIONS_HPP_

#include "octet/import/onnx/rows_shape.hpp"
#include "octet/import/onnx/rows_transformers.hpp"

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
/// log(1 + exp(x)), as max(x, 0) + log(1 + exp(-|x|)): nothing overflows.
inline tensor_id softplus(emitter& m, tensor_id x) {
  const formula f(m);
  const tensor_id small = f(ops::exp, f(ops::neg, f(ops::abs, x)));
  return f(ops::add, f(ops::relu, x), f(ops::log, f(ops::add, small, 1.f)));
}
/// One of the activations that are formulas, by the node's name.
inline void activation_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  const formula f(m);
  const tensor_id x = m.held(c.in[0]);
  tensor_id y = no_tensor;
  if (c.n.op == "Softplus") {
    y = softplus(m, x);
  } else if (c.n.op == "Softsign") {
    y = f(ops::div, x, f(ops::add, f(ops::abs, x), 1.f));
  } else if (c.n.op == "Mish") {
    y = f(ops::mul, x, f(ops::tanh, softplus(m, x)));
  } else if (c.n.op == "Selu") {
    const float alpha = m.real(c, "alpha", 1.67326319217681884765625f),
                gamma = m.real(c, "gamma", 1.05070102214813232421875f);
    y = f(ops::mul, f(ops::elu, x, alpha_of(alpha)), gamma);
  } else if (c.n.op == "Celu") {
    const float alpha = m.real(c, "alpha", 1.f);
    if (!(alpha > 0)) return m.refuse("alpha of Celu", std::to_string(alpha), "above 0");
    const tensor_id low = f(ops::mul, f(ops::elu, f(ops::div, x, alpha), alpha_of(1.f)), alpha);
    y = f.choice(ops::greater, x, 0.f, x, low);
  } else {  // ThresholdedRelu
    const tensor_id none = m.to.scalar_constant(0.f);
    y = f.choice(ops::greater, x, m.real(c, "alpha", 1.f), x, none);
  }
  m.give(c, y, c.in[0].channels_inner);
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
/// Integers: the sign of the divisor, unless fmod asks for that of the dividend.
inline void mod_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2)) return;
  if (m.integer(c, "fmod", 0) != 0) return m.refuse("fmod", "1", "0");
  binary_row<ops::floor_mod>(m, c);
}

// ---- norms ----

/// Over the axes behind the channels: x, scale, bias, one of each a channel.
inline void instance_normalization_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 3) || !m.is_real(c.in[0])) return;
  const int rank = m.rank(c.in[0]);
  if (rank < 3) return m.broken("rank", std::to_string(rank), "3 or more");
  value y = normalized(m, value::of(m.held(c.in[0], false)), 2, m.real(c, "epsilon", 1e-5f), true);
  dims shape{m.shape(c.in[0])[1]};
  for (int i = 2; i < rank; ++i) shape.push_back(1);
  for (std::size_t k = 1; k < 3; ++k) {
    const tensor_id p = m.reshaped(m.held(c.in[k], false), shape);
    if (!m.failed()) y = combined(m, c, k == 1 ? ops::mul : ops::add, y, value::of(p));
  }
  if (!m.failed()) c.out = {y};
}
/// Over groups of channels: x, scale, bias, one of each a channel (opset 18: a group).
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
  value y = normalized(m, value::of(m.reshaped(m.held(c.in[0], false), in)), 2,
                       m.real(c, "epsilon", 1e-5f), true);
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
                       reduction({m.axis_of(c.in[0], axis)}, true));
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
  const auto reduced = [&](const value& v, bool largest) {
    call inner{c.n, {v}};
    if (c.has(1)) inner.in.push_back(c.in[1]);
    if (largest)
      reduce_row<ops::reduce_max, 18>(m, inner);
    else
      reduce_row<ops::sum, 18>(m, inner);
    return m.failed() ? value{} : inner.out[0];
  };
  value y = x;
  if (op == "ReduceL1" || op == "ReduceL2" || op == "ReduceSumSquare")
    y = value::of(f(op == "ReduceL1" ? ops::abs : ops::square, m.held(x)), x.channels_inner);
  if (op == "ReduceLogSumExp") {
    // The same reduction with and without the axes that go.
    const tensor_id flat = m.held(x, false);
    if (m.failed()) return;
    if (m.integer(c, "keepdims", 1) == 0) return m.refuse("keepdims of ReduceLogSumExp", "0", "1");
    const value most = reduced(value::of(flat), true);
    if (m.failed()) return;
    y = value::of(f(ops::exp, f(ops::sub, flat, m.held(most, false))));
    const value sum = reduced(y, false);
    if (!m.failed())
      m.give(c, f(ops::add, f(ops::log, m.held(sum, false)), m.held(most, false)), false);
    return;
  }
  y = m.failed() ? value{} : reduced(y, false);
  if (m.failed()) return;
  if (op == "ReduceL2" || op == "ReduceLogSum")
    y = value::of(f(op == "ReduceL2" ? ops::sqrt : ops::log, m.held(y)), y.channels_inner);
  if (!m.failed()) c.out = {y};
}

// ---- products ----

/// MatMul of operands that may be transposed, its sums times alpha.
inline void fused_matmul_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2) || !m.is_real(c.in[0]) || !m.is_real(c.in[1])) return;
  for (const char* key : {"transBatchA", "transBatchB"})
    if (m.integer(c, key, 0) != 0) return m.refuse(key, "1", "0");
  const auto operand = [&](std::size_t i, const char* key) {
    if (m.integer(c, key, 0) == 0 || m.rank(c.in[i]) < 2) return c.in[i];
    const tensor_id t = transposed(m, m.held(c.in[i], false));
    return m.failed() ? value{} : value::of(t);
  };
  call product{c.n, {operand(0, "transA"), operand(1, "transB")}};
  if (m.failed()) return;
  matmul_row(m, product);
  const float alpha = m.real(c, "alpha", 1.f);
  if (m.failed()) return;
  tensor_id y = m.held(product.out[0], false);
  if (alpha != 1) y = m.made(ops::mul, {y, m.to.scalar_constant(alpha)}, dtype::f32);
  m.give(c, y, false);
}

// ---- elements by index ----

inline void gather_nd_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2)) return;
  if (m.integer(c, "batch_dims", 0) != 0)
    return m.refuse("batch_dims of GatherND", std::to_string(m.integer(c, "batch_dims", 0)), "0");
  const tensor_id x = m.held(c.in[0], false), index = m.held(c.in[1], false);
  if (m.failed()) return;
  m.give(c, m.made(ops::gather_nd, {x, index}, m.type(c.in[0])), false);
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
    const auto extent = static_cast<std::size_t>(s[i]);
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
  if (m.integer(c, "largest", 1) == 0) return m.refuse("largest of TopK", "0", "1");
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
  const tensor_id x = swapped(m.held(c.in[0], false));
  if (m.failed()) return;
  const tensor_id y = m.to.like(x), index = m.to.temporary("", dtype::s64);
  attributes a;
  a.set("k", k);
  m.emit(ops::topk, {x}, {y, index}, std::move(a));
  const tensor_id values = swapped(y), places = swapped(index);
  if (!m.failed()) c.out = {value::of(values), value::of(places)};
}
/// indices, depth, [off, on].
inline void one_hot_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 3)) return;
  const auto depth = m.constant_integers(c.in[1], "depth of OneHot");
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
  if (c.n.find("dtype")) t = element_type(m.integer(c, "dtype", 1), "EyeLike's result");
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
