// Rows of float operators around quantized layers: functions of one value, sums and norms,
// normalizations, convolutions, matrix products, attention. What octet has no operator of is
// composed of those it has, in PyTorch's order of operations.
#ifndef OCTET_IMPORT_TORCH_ROWS_FLOAT_HPP_
#define OCTET_IMPORT_TORCH_ROWS_FLOAT_HPP_

#include <algorithm>

#include "octet/import/torch/rows_index.hpp"
#include "octet/import/torch/rows_linear.hpp"
#include "octet/import/torch/rows_norm.hpp"
#include "octet/import/torch/rows_pool.hpp"
#include "octet/ops/batch_matmul.hpp"
#include "octet/ops/float_layers.hpp"
#include "octet/ops/layer_norm.hpp"
#include "octet/ops/variance.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

// ---- steps of compositions: values in, values out ----

using step = result<tensor_data*>;
inline step step_of(const result<value>& v) {
  if (!v) return v.error();
  return v->t;
}
inline step number(emitter& e, double v) { return number_of(e, v, scalar::f32); }
/// One node on float values that broadcast.
inline step apply(emitter& e, const op_def& op, const step& x, const step& y) {
  if (!x) return x;
  if (!y) return y;
  return step_of(emit_pair(e, op, {*x, *y}, scalar::f32));
}
inline step apply(emitter& e, const op_def& op, const step& x, attributes attrs = {}) {
  if (!x) return x;
  const auto in = e.held_as_is(**x);
  if (!in) return in.error();
  const tensor_id to = e.make(scalar::f32);
  if (auto s = e.emit(op, {*in}, to, std::move(attrs)); !s) return s.error();
  const value v = e.wrap(to, scalar::f32, !(*x)->constant() && (*x)->channels_inner, false);
  return with_strides(e, v, iterated_strides(v.t->size, {(*x)->stride})).t;
}
inline result<value> done(const step& x) {
  if (!x) return x.error();
  return value_of(**x);
}
/// z + x y of floats, rounded once: a depthwise convolution of one pixel, whose channels are the
/// elements. The operands are in the order of PyTorch's loop: z, x, y.
inline result<value> fused_sum(emitter& e, const std::array<tensor_data*, 3>& zxy) {
  auto m = meet(e, zxy);
  if (!m) return m.error();
  dims all;
  for (const tensor_id id : m->in) {
    const dims& s = e.g[id].shape;
    while (all.rank < s.rank) all.push_back(1);
  }
  for (const tensor_id id : m->in) {
    const dims& s = e.g[id].shape;
    for (int i = 0; i < s.rank; ++i)
      if (s.back(i) != 1) all[all.rank - 1 - i] = s.back(i);
  }
  const std::vector<std::int64_t> extents(all.begin(), all.end());
  const auto n = static_cast<std::int64_t>(all.elements().value);
  for (std::size_t k = 0; k < m->in.size(); ++k) {
    if (e.g[m->in[k]].shape != all) {
      const tensor_id wide = e.make(scalar::f32);
      attributes attrs;
      attrs.set("shape", extents);
      if (auto s = e.emit(ops::broadcast_to, {m->in[k]}, wide, std::move(attrs)); !s)
        return s.error();
      m->in[k] = wide;
    }
    const auto line = reshaped_like(
        e, m->in[k], k == 0 ? std::vector<std::int64_t>{n} : std::vector<std::int64_t>{1, 1, 1, n});
    if (!line) return line.error();
    m->in[k] = *line;
  }
  const tensor_id sums = e.make(scalar::f32);
  if (auto s = e.emit(ops::float_depthwise_conv2d, {m->in[1], m->in[2], m->in[0]}, sums); !s)
    return s.error();
  const auto y = reshaped_like(e, sums, extents);
  if (!y) return y.error();
  return m->result(e, *y, scalar::f32);
}
inline step fused(emitter& e, const step& z, const step& x, const step& y) {
  for (const step* s : {&z, &x, &y})
    if (!*s) return *s;
  return step_of(fused_sum(e, {*z, *x, *y}));
}
/// add, sub and rsub of floats with alpha: one fused multiply-add.
template <const op_def& Op, bool Swap = false> result<value> scaled_sum(emitter& e, arguments& a) {
  const double alpha = a.real("alpha");
  if (auto s = a.check(); !s) return s.error();
  if (alpha == 1) return plain_binary<Op, false, Swap>(e, a);
  const auto both = pair_of(e, a, Swap ? "other" : "self", Swap ? "self" : "other", false);
  if (!both) return both.error();
  if ((*both)[0]->type != scalar::f32 || (*both)[0]->elements() == 0 || (*both)[1]->elements() == 0)
    return plain_binary<Op, false, Swap>(e, a);
  return done(fused(e, (*both)[0], (*both)[1], number(e, &Op == &ops::sub ? -alpha : alpha)));
}
/// A result where the operator was given a quantized tensor: quantized by the input's parameters.
inline result<value> as_given(emitter& e, const tensor_data& x, const step& y) {
  if (!y || !is_quantized(x.type)) return done(y);
  const auto in = e.held_as_is(**y);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  if (auto s = e.emit(ops::quantize, {*in}, to); !s) return s.error();
  return e.wrap(to, x.type, !(*y)->constant() && (*y)->channels_inner, suggests_channels_last(**y));
}

// ---- functions of one value ----

/// Whole numbers and quantized values become floats first.
template <const op_def& Op> result<value> float_unary(emitter& e, arguments& a) {
  return done(apply(e, Op, real_argument(e, a, "self")));
}
inline bool is_whole(const tensor_data& x) {
  return x.type == scalar::s64 || x.type == scalar::s32;
}
/// floor, ceil, round: whole numbers stay.
template <const op_def& Op> result<value> rounded(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  return is_whole(*x) ? a["self"] : float_unary<Op>(e, a);
}
inline result<value> square(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (is_whole(*x)) return emit_pair(e, ops::mul, {x, x}, x->type);
  return float_unary<ops::square>(e, a);
}
inline result<value> absolute(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (!is_whole(*x)) return float_unary<ops::abs>(e, a);
  const auto negative = emit_pair(e, ops::sub, {number_of(e, 0, x->type), x}, x->type);
  if (!negative) return negative;
  return emit_pair(e, ops::maximum, {x, negative->t}, x->type);
}
/// neg of floats and whole numbers.
inline result<value> neg(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (is_whole(*x)) return emit_pair(e, ops::sub, {number_of(e, 0, x->type), x}, x->type);
  return done(apply(e, ops::neg, real_value(e, *x)));
}
inline result<value> reciprocal(emitter& e, arguments& a) {
  return done(apply(e, ops::div, number(e, 1), real_argument(e, a, "self")));
}
inline result<value> silu(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  if (!x) return x.error();
  return unary(e, **x, silu_forms, {});
}
/// min(x, 0) - log(1 + exp(-|x|)).
inline result<value> log_sigmoid(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  const step soft = apply(e, ops::softplus, apply(e, ops::neg, apply(e, ops::abs, x)));
  return done(apply(e, ops::sub, apply(e, ops::minimum, x, number(e, 0)), soft));
}
/// Where x and y are the same number.
inline result<value> same_number(emitter& e, const step& x, const step& y) {
  if (!x) return x.error();
  if (!y) return y.error();
  return emit_pair(e, ops::equal, {*x, *y}, scalar::boolean);
}
/// where(x is y, these, those).
inline step where_same(emitter& e, const step& x, const step& y, const step& these,
                       const step& those) {
  const auto is = same_number(e, x, y);
  if (!is) return is.error();
  if (!these) return these;
  if (!those) return those;
  return step_of(chosen(e, *is->t, **these, **those));
}
/// log(1 + x): log u, u = 1 + x, times what u has lost of x; the last bit is not PyTorch's.
inline result<value> log1p(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), one = number(e, 1);
  const step u = apply(e, ops::add, x, one), rest = apply(e, ops::sub, u, one),
             log = apply(e, ops::log, u);
  const step y = where_same(e, rest, x, log, apply(e, ops::mul, log, apply(e, ops::div, x, rest)));
  return done(where_same(e, u, one, x, y));
}
/// exp(x) - 1: u - 1, u = exp x, times x / log u; the last bit is not PyTorch's.
inline step expm1_of(emitter& e, const step& x) {
  const step one = number(e, 1), u = apply(e, ops::exp, x);
  const step rest = apply(e, ops::sub, u, one);
  step y = apply(e, ops::mul, rest, apply(e, ops::div, x, apply(e, ops::log, u)));
  y = where_same(e, rest, u, u, y);  // large, or infinite
  y = where_same(e, rest, number(e, -1), rest, y);
  return where_same(e, u, one, x, y);
}
inline result<value> expm1(emitter& e, arguments& a) {
  return done(expm1_of(e, real_argument(e, a, "self")));
}
/// log2 and log10: the last bit is not PyTorch's.
template <int Base> result<value> log_to_base(emitter& e, arguments& a) {
  constexpr double ln = Base == 2 ? 0.69314718055994530942 : 2.3025850929940456840;
  return done(apply(e, ops::div, apply(e, ops::log, real_argument(e, a, "self")), number(e, ln)));
}
/// log(1 + exp(b x)) / b; x itself where b x is above the threshold.
inline step softplus_of(emitter& e, const step& x, double beta, double threshold) {
  const step scaled = beta == 1 ? x : apply(e, ops::mul, x, number(e, beta));
  step soft = apply(e, ops::softplus, scaled);
  if (beta == 1 && threshold == 20) return soft;
  if (beta != 1) soft = apply(e, ops::div, soft, number(e, beta));
  if (!soft) return soft;
  const auto above =
      emit_pair(e, ops::greater, {*scaled, number_of(e, threshold, scalar::f32)}, scalar::boolean);
  if (!above) return above.error();
  return step_of(chosen(e, *above->t, **x, **soft));
}
inline result<value> softplus(emitter& e, arguments& a) {
  const double beta = a.real("beta"), threshold_at = a.real("threshold");
  return done(softplus_of(e, real_argument(e, a, "self"), beta, threshold_at));
}
inline result<value> mish(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  return done(apply(e, ops::mul, x, apply(e, ops::tanh, softplus_of(e, x, 1, 20))));
}
/// x / 2 times 1 + erf(x / sqrt(2)), a rounding each.
inline result<value> gelu_by_scalars(emitter& e, tensor_data& x) {
  const step real = real_value(e, x);
  const step erf = apply(e, ops::erf, apply(e, ops::mul, real, number(e, 0.70710678118654752440)));
  return as_given(e, x,
                  apply(e, ops::mul, apply(e, ops::mul, real, number(e, 0.5)),
                        apply(e, ops::add, number(e, 1), erf)));
}
inline result<value> gelu(emitter& e, arguments& a) {
  const value form = a["approximate"];
  const bool approximate = form.is(kind::string) && form.c->text == "tanh";
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  attributes attrs;
  if (approximate) attrs.set("approximate", std::int64_t{1});
  // What is not contiguous PyTorch's own loop computes, where its steps are not 1 by scalars.
  if (!approximate && x->rank() > 0 && !is_contiguous(*x, false)) {
    if (vector_row(x->size, {memory_steps{}, x->stride}) < 16) return gelu_by_scalars(e, *x);
    attrs.set("by_loop", std::int64_t{1});
  }
  return as_given(e, *x, apply(e, ops::gelu, real_value(e, *x), std::move(attrs)));
}
/// glu(x, dim): the first half times the sigmoid of the second.
inline result<value> glu(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  const std::int64_t dim = a.integer("dim");
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, (*x)->rank());
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t half = (*x)->size[axis] / 2;
  if ((*x)->size[axis] % 2 != 0) return invalid("extent of " + a.name, "odd");
  const step first = step_of(sliced(e, **x, axis, 0, half)),
             second = step_of(sliced(e, **x, axis, half, half));
  if (!first) return first.error();
  if (!second) return second.error();
  const auto in = e.held(**second, suggests_channels_last(**second));  // by position, as logistic
  if (!in) return in.error();
  attributes attrs;
  set_row(attrs, (*second)->size, {memory_steps{}, (*first)->stride, (*second)->stride});
  const tensor_id gate = e.make(scalar::f32);
  if (auto s = e.emit(ops::logistic, {*in}, gate, std::move(attrs)); !s) return s.error();
  const bool last = suggests_channels_last(**second);
  return done(apply(e, ops::mul, first, e.wrap(gate, scalar::f32, last, last).t));
}
/// leaky_relu(x, slope); of codes with the input's parameters.
inline result<value> plain_leaky_relu(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  attributes attrs;
  attrs.set("alpha", a.real("negative_slope"));
  if (auto s = a.check(); !s) return s.error();
  if (is_quantized(x->type)) {
    if (auto s = e.per_tensor(*x); !s) return s.error();
    return unary(e, *x, leaky_relu_forms, {x->scales[0], x->zero_points[0]}, std::move(attrs));
  }
  return done(apply(e, ops::leaky_relu, real_value(e, *x), std::move(attrs)));
}
/// elu(x, alpha, scale, input_scale), celu(x, alpha), selu(x): above 0 x times the scale, below
/// exp(x times the input's scale) - 1 times alpha and scale.
inline step elu_of(emitter& e, const step& x, double alpha, double scale, double input_scale) {
  attributes attrs;
  attrs.set("alpha", static_cast<double>(
                         numerics::mul(static_cast<float>(alpha), static_cast<float>(scale))));
  if (input_scale == 1 && scale == 1) return apply(e, ops::elu, x, std::move(attrs));
  const step inner = input_scale == 1 ? x : apply(e, ops::mul, x, number(e, input_scale)),
             below = apply(e, ops::elu, inner, std::move(attrs)),
             scaled = scale == 1 ? x : apply(e, ops::mul, x, number(e, scale));
  if (!below) return below;
  const auto above =
      emit_pair(e, ops::greater, {*x, number_of(e, 0, scalar::f32)}, scalar::boolean);
  if (!above) return above.error();
  return step_of(chosen(e, *above->t, **scaled, **below));
}
inline result<value> plain_elu(emitter& e, arguments& a) {
  const double alpha = a.real("alpha"), scale = a.real("scale"),
               input_scale = a.real("input_scale");
  return done(elu_of(e, real_argument(e, a, "self"), alpha, scale, input_scale));
}
inline result<value> celu(emitter& e, arguments& a) {
  const double alpha = a.real("alpha");
  if (!(alpha != 0)) return invalid("alpha of " + a.name, std::to_string(alpha));
  return done(elu_of(e, real_argument(e, a, "self"), alpha, 1, numerics::div(1., alpha)));
}
inline result<value> selu(emitter& e, arguments& a) {
  return done(elu_of(e, real_argument(e, a, "self"), 1.6732632423543772848170429916717,
                     1.0507009873554804934193349852946, 1));
}
/// prelu(x, slopes): one slope, or one per channel.
inline result<value> plain_prelu(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  tensor_data* w = a.tensor("weight");
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t n = w->elements();
  if (w->rank() > 1 || (n != 1 && ((*x)->rank() < 2 || n != (*x)->size[1])))
    return unsupported("slopes of " + a.name, std::to_string(n), "one or one per channel");
  const bool inner = n != 1 && (*x)->rank() >= 3;
  const auto in = inner ? e.held(**x, true) : e.held_as_is(**x), slopes = e.held(*w, false);
  if (!in) return in.error();
  if (!slopes) return slopes.error();
  const tensor_id to = e.make(scalar::f32);
  if (auto s = e.emit(ops::prelu, {*in, *slopes}, to); !s) return s.error();
  return e.wrap(to, scalar::f32, inner || (!(*x)->constant() && (*x)->channels_inner),
                suggests_channels_last(**x));
}
/// Whole numbers to a power that is one: a product, which wraps as PyTorch's does.
inline result<value> whole_power(emitter& e, arguments& a, const given_operand& of,
                                 const given_operand& by) {
  if (!of.t || by.t || !is_whole(*of.t) || !(by.number >= 0 && by.number <= 16))
    return unsupported("powers of whole numbers in " + a.name, {},
                       "int64 or int32 to a number from 0 to 16");
  value v = value_of(*number_of(e, 1, of.type));
  for (int k = 0; k < static_cast<int>(by.number); ++k) {
    const auto next = emit_pair(e, ops::mul, {of.t, v.t}, of.type);
    if (!next) return next;
    v = *next;
  }
  if (by.number != 0) return v;
  const auto none = emit_pair(e, ops::mul, {of.t, number_of(e, 0, of.type)}, of.type);
  if (!none) return none;
  return emit_pair(e, ops::add, {none->t, v.t}, of.type);
}
/// x to a power: products and roots where PyTorch has them, else its power function, of which
/// octet's is not the last bit.
inline result<value> pow(emitter& e, arguments& a) {
  const given_operand of = operand_given(e, a, "self"), by = operand_given(e, a, "exponent");
  if (auto s = a.check(); !s) return s.error();
  if (promoted_type(of, by) != scalar::f32) return whole_power(e, a, of, by);
  const auto power = [&]() -> result<value> {
    const auto both = pair_of(e, a, "self", "exponent", true);
    if (!both) return both.error();
    return emit_pair(e, ops::pow, *both, scalar::f32);
  };
  if (by.t || !of.t) return power();
  const step x = real_argument(e, a, "self");
  if (!x) return x.error();
  const double p = by.number;
  if (p == 1) return done(x);
  if (p == 2) return done(apply(e, ops::mul, x, x));
  if (p == 3) return done(apply(e, ops::mul, apply(e, ops::mul, x, x), x));
  if (p == 0.5) return done(apply(e, ops::sqrt, x));
  if (p == -0.5) return done(apply(e, ops::div, number(e, 1), apply(e, ops::sqrt, x)));
  if (p == -1) return done(apply(e, ops::div, number(e, 1), x));
  if (p == -2) return done(apply(e, ops::div, number(e, 1), apply(e, ops::mul, x, x)));
  return power();
}
/// clamp_min(x, low), clamp_max(x, high).
template <bool Least> result<value> clamp_one(emitter& e, arguments& a) {
  constexpr std::string_view name = Least ? "min" : "max";
  const value bound = a[name];
  if (bound.is(kind::tensor) && !(bound.t->rank() == 0 && e.c.known(*bound.t)))
    return Least ? extreme_of<ops::maximum>(e, a, name) : extreme_of<ops::minimum>(e, a, name);
  arguments both(
      e.c, a.name,
      {{"self", a["self"]}, {"min", Least ? bound : value{}}, {"max", Least ? value{} : bound}});
  return clamp(e, both);
}

// ---- sums ----

inline step summed(emitter& e, const step& x, const std::vector<std::int64_t>& axes, bool keep) {
  if (!x) return x;
  return step_of(reduced(e, **x, ops::sum, axes, keep));
}
/// sum(x), sum(x, dims, keepdim, dtype): dim may be the dtype.
inline result<value> float_sum(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const bool keep = a.boolean("keepdim");
  if (auto s = a.check(); !s) return s.error();
  const auto axes = axes_or_all(a, "dim", *x);
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_of_sum(a, *x);
  if (!type) return type.error();
  const auto from = cast_to(e, *x, *type);
  if (!from) return from;
  return reduced(e, *from->t, ops::sum, axes, keep);
}
/// Number of elements that the axes hold.
inline double extent_of(const tensor_data& x, const std::vector<std::int64_t>& axes) {
  double n = 1;
  for (std::int64_t a : axes)
    if (x.rank() > 0) n = numerics::mul(n, static_cast<double>(x.size[as_size(a)]));
  return n;
}
inline step mean_of(emitter& e, const step& x, const std::vector<std::int64_t>& axes) {
  const step s = summed(e, x, axes, true);
  if (!s) return s;
  return apply(e, ops::div, s, number(e, extent_of(**x, axes)));
}
/// _weight_norm(v, g, dim): v * (g / its norms over the other axes).
inline result<value> weight_norm(emitter& e, arguments& a) {
  const step v = real_argument(e, a, "v"), g = real_argument(e, a, "g");
  const std::int64_t dim = a.integer("dim");
  if (!v) return v.error();
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, (*v)->rank());
  if (auto s = a.check(); !s) return s.error();
  std::vector<std::int64_t> axes;
  for (int i = 0; i < (*v)->rank(); ++i)
    if (as_size(i) != axis) axes.push_back(i);
  const step norms = apply(e, ops::sqrt, summed(e, apply(e, ops::mul, v, v), axes, true));
  return done(apply(e, ops::mul, v, apply(e, ops::div, g, norms)));
}
/// std and var, and the mean: (x, unbiased), (x, dims, unbiased, keepdim), (x, dims, correction=,
/// keepdim=).
inline result<std::array<value, 2>> deviation_and_mean_of(emitter& e, arguments& a, bool root) {
  tensor_data* x = a.tensor("self");
  const value dim = a["dim"];
  const bool keep = a.boolean("keepdim"), whole = dim.is(kind::boolean);
  variance_attrs v;
  v.correction = (whole ? dim.b : a.boolean("unbiased")) ? 1 : 0;
  v.root = root;
  if (!a.none("correction")) v.correction = a.real("correction");
  if (auto s = a.check(); !s) return s.error();
  std::vector<std::int64_t> axes;
  if (whole)
    for (int i = 0; i < x->rank(); ++i) axes.push_back(i);
  else
    axes = axes_or_all(a, "dim", *x);
  if (auto s = a.check(); !s) return s.error();
  step real = real_value(e, *x);
  if (real && (*real)->rank() == 0) real = step_of(reshaped(e, **real, {1})), axes = {0};
  if (!real) return real.error();
  const auto in = e.held_as_is(**real);
  if (!in) return in.error();
  const bool inner = !(*real)->constant() && (*real)->channels_inner;
  attributes attrs = to_attributes(v);
  attrs.set("axes", axes_in_layout(**real, axes, inner));
  attrs.set("keep_dims", std::int64_t{1});
  const tensor_id to[] = {e.make(scalar::f32), e.make(scalar::f32)};
  if (auto s = e.c.build.emit(ops::variance, {*in}, {to[0], to[1]}, std::move(attrs)); !s)
    return s.error();
  std::vector<std::int64_t> left;
  for (int i = 0; i < x->rank(); ++i)
    if (std::find(axes.begin(), axes.end(), i) == axes.end()) left.push_back(x->size[as_size(i)]);
  std::array<value, 2> both;
  for (std::size_t k = 0; k < 2; ++k) {
    both[k] = e.wrap(to[k], scalar::f32, inner, false);
    if (keep && x->rank() > 0) continue;
    const auto line = reshaped(e, *both[k].t, left);
    if (!line) return line.error();
    both[k] = *line;
  }
  return both;
}
template <bool Root> result<value> deviation(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const auto both = deviation_and_mean_of(e, a, Root);
  if (!both) return both.error();
  return as_given(e, *x, (*both)[0].t);
}
/// std_mean and var_mean.
template <bool Root> result<value> deviation_and_mean(emitter& e, arguments& a) {
  const auto both = deviation_and_mean_of(e, a, Root);
  if (!both) return both.error();
  return e.c.values.list({(*both)[0], (*both)[1]}, kind::tuple);
}
/// Sum over axes, one element after another.
inline step sum_in_order(emitter& e, const step& x, const std::vector<std::int64_t>& axes,
                         bool keep) {
  if (!x) return x;
  attributes in_order;
  in_order.set("in_order", std::int64_t{1});
  return step_of(reduced(e, **x, ops::sum, axes, keep, std::move(in_order)));
}
/// Sum of squares over axes, one element after another.
inline step sum_of_squares(emitter& e, const step& x, const std::vector<std::int64_t>& axes,
                           bool keep) {
  return sum_in_order(e, apply(e, ops::mul, x, x), axes, keep);
}
/// Whether the axes, of which any is longer than 1, are a run of memory without gaps.
inline bool innermost_in_memory(const tensor_data& x, std::vector<std::int64_t> axes) {
  std::erase_if(axes, [&](std::int64_t i) { return x.size[as_size(i)] == 1; });
  std::sort(axes.begin(), axes.end(), [&](std::int64_t i, std::int64_t j) {
    return x.stride[as_size(i)] < x.stride[as_size(j)];
  });
  std::int64_t next = 1;
  for (const std::int64_t i : axes) {
    if (x.stride[as_size(i)] != next) return false;
    next *= x.size[as_size(i)];
  }
  return !axes.empty() && x.elements() > 0;
}
/// The sum of the squares of each row of [rows, n], as PyTorch's norm has it: 8 lanes side by side,
/// added one after another; of what is left over four squares as they are, the others fused.
inline step squares_of_rows(emitter& e, tensor_data& rows) {
  const std::int64_t n = rows.size[1], whole = n / 8 * 8, four = (n - whole) / 4 * 4;
  const step squares = apply(e, ops::mul, &rows, &rows);
  if (!squares) return squares;
  std::vector<value> parts;
  if (whole > 0) {
    auto lanes = sliced(e, **squares, 1, 0, whole);
    if (lanes) lanes = reshaped(e, *lanes->t, {rows.size[0], whole / 8, 8});
    const auto sums = done(sum_in_order(e, step_of(lanes), {1}, false));
    if (!sums) return sums.error();
    parts.push_back(*sums);
  }
  if (four > 0) {
    const auto left = sliced(e, **squares, 1, whole, four);
    if (!left) return left.error();
    parts.push_back(*left);
  }
  step sum = number(e, 0);
  if (!parts.empty()) {
    arguments side_by_side(
        e.c, "aten::norm",
        {{"tensors", e.c.values.list(std::move(parts))}, {"dim", value::of(std::int64_t{1})}});
    sum = sum_in_order(e, step_of(cat<false, false>(e, side_by_side)), {1}, true);
  }
  for (std::int64_t i = whole + four; i < n; ++i) {
    const step one = step_of(sliced(e, rows, 1, i, 1));
    sum = fused(e, sum, one, one);
  }
  return sum;
}
/// Sums of squares over axes that are the innermost run of memory.
inline step squares_of_runs(emitter& e, tensor_data& x, const std::vector<std::int64_t>& axes,
                            bool keep) {
  std::vector<std::int64_t> order, inner = axes, size;
  for (std::int64_t i = 0; i < x.rank(); ++i) {
    const bool left = std::find(axes.begin(), axes.end(), i) == axes.end();
    if (left) order.push_back(i);
    if (left || keep) size.push_back(left ? x.size[as_size(i)] : 1);
  }
  std::stable_sort(inner.begin(), inner.end(), [&](std::int64_t i, std::int64_t j) {
    return x.stride[as_size(i)] > x.stride[as_size(j)];
  });
  std::int64_t n = 1;
  for (const std::int64_t i : inner) order.push_back(i), n *= x.size[as_size(i)];
  auto rows = permuted(e, x, order);
  if (rows) rows = reshaped(e, *rows->t, {x.elements() / n, n});
  if (!rows) return rows.error();
  const step sums = squares_of_rows(e, *rows->t);
  if (!sums) return sums;
  return step_of(reshaped(e, **sums, std::move(size)));
}
inline step power_of(emitter& e, const step& x, double p) {
  return apply(e, ops::pow, x, number(e, p));
}
/// The norm of an order: infinite ones are the extremes, 0 counts what is not 0.
inline result<value> norm_of_order(emitter& e, arguments& a, std::string_view order) {
  const step x = real_argument(e, a, "self");
  const double p = a.real_or(order, 2);
  const bool keep = a.boolean("keepdim");
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  const auto axes = axes_or_all(a, "dim", **x);
  if (auto s = a.check(); !s) return s.error();
  if (p == 2)
    return done(apply(e, ops::sqrt,
                      innermost_in_memory(**x, axes) ? squares_of_runs(e, **x, axes, keep)
                                                     : sum_of_squares(e, x, axes, keep)));
  const step size = apply(e, ops::abs, x);
  if (!size) return size.error();
  if (p == 1) return done(sum_in_order(e, size, axes, keep));
  if (p == infinity) return reduced(e, **size, ops::reduce_max, axes, keep);
  if (p == -infinity) return reduced(e, **size, ops::reduce_min, axes, keep);
  if (p != 0)  // the last bits are not PyTorch's, as those of pow
    return done(power_of(e, summed(e, power_of(e, size, p), axes, keep), numerics::div(1., p)));
  const auto is = emit_pair(e, ops::not_equal, {*size, *number(e, 0)}, scalar::boolean);
  if (!is) return is;
  return done(summed(e, real_value(e, *is->t), axes, keep));
}
/// norm(x, p, dims, keepdim), linalg_vector_norm(x, ord, dims, keepdim).
inline result<value> norm(emitter& e, arguments& a) { return norm_of_order(e, a, "p"); }
inline result<value> vector_norm(emitter& e, arguments& a) { return norm_of_order(e, a, "ord"); }

// ---- normalizations ----

/// Weight or bias of a normalization: a float tensor, or none.
inline result<tensor_data*> factor_argument(emitter& e, arguments& a, std::string_view parameter) {
  if (a.none(parameter)) return nullptr;
  return real_argument(e, a, parameter);
}
/// y * weight + bias, both of that shape or absent.
inline step scaled_and_shifted(emitter& e, step y, tensor_data* weight, tensor_data* bias,
                               const std::vector<std::int64_t>& shape) {
  for (tensor_data* t : {weight, bias}) {
    if (!t || !y) continue;
    const step factors = step_of(reshaped(e, *t, shape));
    y = apply(e, t == weight ? ops::mul : ops::add, y, factors);
  }
  return y;
}
/// Rows of the innermost axes, or groups of channels, to mean 0 and variance 1, times weight and
/// plus bias where given.
inline step normalized_rows(emitter& e, const step& x, tensor_data* weight, tensor_data* bias,
                            const layer_norm_attrs& how) {
  if (!x) return x;
  const auto in = e.held(**x, false);
  if (!in) return in.error();
  std::vector<tensor_id> operands{*in};
  for (tensor_data* t : {weight, bias}) {
    if (!t) {
      operands.push_back(no_tensor);
      continue;
    }
    const auto factors = e.held(*t, false);
    if (!factors) return factors.error();
    operands.push_back(*factors);
  }
  while (operands.back() == no_tensor) operands.pop_back();
  const tensor_id to = e.make(scalar::f32);
  if (auto s = e.emit(ops::float_layer_norm, std::move(operands), to, to_attributes(how)); !s)
    return s.error();
  return e.wrap(to, scalar::f32, false, false).t;
}
/// layer_norm(x, shape, weight, bias, eps).
inline result<value> float_layer_norm(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "input");
  const auto shape = a.integers("normalized_shape");
  const double eps = a.real("eps");
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  const auto w = factor_argument(e, a, "weight"), b = factor_argument(e, a, "bias");
  if (!w) return w.error();
  if (!b) return b.error();
  if (shape.empty() || shape.size() > (*x)->size.size() ||
      !std::equal(shape.rbegin(), shape.rend(), (*x)->size.rbegin()))
    return invalid("normalized shape of " + a.name);
  layer_norm_attrs how;
  how.axes = static_cast<std::int32_t>(shape.size()), how.epsilon = eps;
  return done(normalized_rows(e, x, *w, *b, how));
}
/// group_norm(x, groups, weight, bias, eps).
inline result<value> float_group_norm(emitter& e, arguments& a) {
  layer_norm_attrs g;
  g.groups = a.small("num_groups", a.integer("num_groups")), g.epsilon = a.real("eps");
  const step x = real_argument(e, a, "input");
  const auto w = factor_argument(e, a, "weight"), b = factor_argument(e, a, "bias");
  if (!w) return w.error();
  if (!b) return b.error();
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  if ((*x)->rank() < 2 || g.groups < 1 || (*x)->size[1] % g.groups != 0)
    return invalid("groups of " + a.name, std::to_string(g.groups));
  g.channels_last = suggests_channels_last(**x);
  const step y = normalized_rows(e, x, *w, *b, g);
  if (!y || !g.channels_last) return done(y);
  return with_strides(e, value_of(**y), channels_last_strides((*x)->size));
}
/// x * factor + offset of each channel, the last axis of `in`, rounded once: a depthwise
/// convolution of one tap.
inline result<tensor_id> scaled_channels(emitter& e, tensor_id in, const std::vector<float>& factor,
                                         const std::vector<float>& offset) {
  const dims shape = e.g[in].shape;
  const std::int64_t c = shape.back(0);
  std::vector<std::int64_t> image{1, 1, 0, c}, weights{1, 1, 1, c};
  image[2] = static_cast<std::int64_t>(shape.elements().value) / std::max<std::int64_t>(c, 1);
  const auto pixels = reshaped_like(e, in, image);
  if (!pixels) return pixels;
  const auto w = reshaped_like(e, e.constant_of(factor), weights);
  if (!w) return w;
  const tensor_id y = e.make(scalar::f32);
  if (auto s = e.emit(ops::float_depthwise_conv2d, {*pixels, *w, e.constant_of(offset)}, y); !s)
    return s.error();
  return reshaped_like(e, y, {shape.begin(), shape.end()});
}
/// batch_norm(x, weight, bias, mean, var, training, momentum, eps): a factor and an offset for each
/// channel, fma(x, factor, offset), factor = f32(w / sqrt(var + eps)), offset = fma(-mean, factor,
/// b).
inline result<value> float_batch_norm(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "input");
  const bool training = a.boolean("training");
  const auto eps = static_cast<float>(a.real("eps"));
  a.tensor("running_mean"), a.tensor("running_var");
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  if (training)
    return unsupported("batch_norm in training mode", {}, "a model saved after model.eval()");
  if ((*x)->rank() < 2) return invalid("rank of the input of " + a.name);
  const auto n = as_size((*x)->size[1]);
  const auto w = channel_factors(e, a, "weight", n, 1.f), b = channel_factors(e, a, "bias", n, 0.f),
             m = channel_factors(e, a, "running_mean", n, 0.f),
             v = channel_factors(e, a, "running_var", n, 1.f);
  for (const auto* factors : {&w, &b, &m, &v})
    if (!*factors) return factors->error();
  std::vector<float> alpha(n), beta(n);
  for (std::size_t i = 0; i < n; ++i) {
    alpha[i] =
        numerics::mul((*w)[i], numerics::div(1.f, numerics::sqrt_f32(numerics::add((*v)[i], eps))));
    beta[i] = numerics::fma(-(*m)[i], alpha[i], (*b)[i]);
  }
  const bool inner = (*x)->rank() >= 3;
  const auto in = e.held(**x, inner);
  if (!in) return in.error();
  const auto y = scaled_channels(e, *in, alpha, beta);
  if (!y) return y.error();
  return e.wrap(*y, scalar::f32, inner, suggests_channels_last(**x));
}
/// instance_norm(x, weight, bias, mean, var, use_input_stats, momentum, eps).
inline result<value> float_instance_norm(emitter& e, arguments& a) {
  if (!a.boolean("use_input_stats")) {
    arguments as(e.c, a.name,
                 {{"input", a["input"]},
                  {"weight", a["weight"]},
                  {"bias", a["bias"]},
                  {"running_mean", a["running_mean"]},
                  {"running_var", a["running_var"]},
                  {"training", value::of(false)},
                  {"eps", a["eps"]}});
    return float_batch_norm(e, as);
  }
  const double eps = a.real("eps");
  const step x = real_argument(e, a, "input");
  if (!x) return x.error();
  if ((*x)->rank() < 2) return invalid("rank of the input of " + a.name);
  const auto w = factor_argument(e, a, "weight"), b = factor_argument(e, a, "bias");
  if (!w) return w.error();
  if (!b) return b.error();
  layer_norm_attrs g;
  g.groups = a.small("channels", (*x)->size[1]), g.epsilon = eps, g.wide = true;
  if (auto s = a.check(); !s) return s.error();
  if (g.groups < 1) return invalid("channels of " + a.name, "0");
  return as_contiguous(e, done(normalized_rows(e, x, *w, *b, g)));
}

// ---- layers with weights ----

/// Of a convolution of the image `in`, NHWC: whether its bias joins behind all products.
inline bool adds_bias_last(emitter& e, tensor_id in, const packed_data& p) {
  bool steps = false;
  for (const auto* list : {&p.stride, &p.dilation})
    for (const std::int64_t v : *list) steps |= v != 1;
  const auto extent = [&](std::size_t back) {
    return saturated(p.weight->size[p.weight->size.size() - 1 - back]);
  };
  return laws::convolves_by_product(e.g[in].shape, p.spatial == 1 ? 1 : extent(1), extent(0),
                                    saturated(p.groups), steps);
}
/// conv_weights of weights that a program computes of constants: the nodes are folded.
inline result<tensor_id> computed_weights(emitter& e, const packed_data& p, bool depthwise) {
  tensor_data& w = *e.c.values.tensor(*p.weight).t;
  const auto in = e.held(w, false);
  if (!in) return in;
  std::vector<std::int64_t> size = w.size, order{0, 2, 3, 1};
  if (size.size() == 3) size.insert(size.begin() + 2, 1);
  if (depthwise) order = {1, 2, 3, 0};
  std::vector<std::int64_t> shape;
  if (p.transposed) {  // as conv_weights
    size.insert(size.begin(), p.groups);
    size[1] /= p.groups;
    order = {0, 2, 3, 4, 1}, shape = {p.groups * size[2], size[3], size[4], size[1]};
  } else {
    for (const std::int64_t i : order) shape.push_back(size[as_size(i)]);
  }
  const auto axes = reshaped_like(e, *in, size);
  if (!axes) return axes;
  const tensor_id turned = e.make(scalar::f32);
  if (auto s = e.transpose(*axes, turned, std::move(order)); !s) return s.error();
  return reshaped_like(e, turned, std::move(shape));
}
inline result<value> groups_side_by_side(emitter& e, arguments& a, tensor_data& x,
                                         const packed_data& p);
inline result<value> volume_convolution(emitter& e, arguments& a, tensor_data& x, packed_data p);
inline result<value> transposed_volume(emitter& e, arguments& a, tensor_data& x, packed_data p);
/// A float32 convolution; parameters as quantized ones have them.
inline bool dilates(const packed_data& p) {
  return std::any_of(p.dilation.begin(), p.dilation.end(), [](std::int64_t d) { return d > 1; });
}
// Copies of weights and biases below are the heap's: constants of the graph are found by the
// address of what they were made of.
inline result<value> dilated_transposed(emitter& e, arguments& a, tensor_data& x, packed_data p);
inline result<value> float_convolution(emitter& e, arguments& a, tensor_data& x, packed_data p) {
  if (p.weight->type != scalar::f32 || !e.c.known(*p.weight))
    return unsupported("weights of " + a.name,
                       e.c.known(*p.weight) ? std::string(name_of(p.weight->type)) : "computed",
                       "float32, known when the file is loaded");
  if (p.transposed && dilates(p)) return dilated_transposed(e, a, x, std::move(p));
  if (x.rank() == 5)
    return p.transposed ? transposed_volume(e, a, x, std::move(p))
                        : volume_convolution(e, a, x, std::move(p));
  const int spatial = x.rank() - 2;
  if (spatial != 1 && spatial != 2)
    return unsupported("input of " + a.name, std::to_string(x.rank()) + " axes", "3, 4");
  p.spatial = spatial;
  for (auto* list : {&p.stride, &p.padding, &p.dilation, &p.output_padding})
    if (list->size() == 1) list->resize(as_size(spatial), list->front());
  if (p.transposed && p.output_padding.empty()) p.output_padding.assign(as_size(spatial), 0);
  if (auto valid = checked(e.c.values, p); !valid) return valid.error();
  if (p.transposed && p.groups > 1 && x.size[1] == p.weight->size[0])
    return groups_side_by_side(e, a, x, p);
  const bool one_row = spatial == 1;
  auto in = e.held(x, true);
  if (in && one_row) {
    const dims s = e.g[*in].shape;
    in = reshaped_like(e, *in, {s[0], 1, s[1], s[2]});
  }
  if (!in) return in.error();
  const auto channels = channels_of(a, x, p);
  if (!channels) return channels.error();
  const auto w = p.weight->constant() ? conv_weights(e, p, channels->depthwise)
                                      : computed_weights(e, p, channels->depthwise);
  if (!w) return w.error();
  std::vector<tensor_id> operands{*in, *w};
  const bool bias_last = p.bias && !p.transposed && adds_bias_last(e, *in, p);
  tensor_id bias = no_tensor;
  if (p.bias) {
    const auto b = e.c.numbers<float>(*p.bias);
    if (!b) return b.error();
    bias = e.constant_of(*b);
    if (!bias_last) operands.push_back(bias);
  }
  tensor_id y = e.make(scalar::f32);
  if (auto s = e.emit(p.transposed          ? ops::float_transpose_conv2d
                      : channels->depthwise ? ops::float_depthwise_conv2d
                                            : ops::float_conv2d,
                      std::move(operands), y, conv_attributes(p, one_row, channels->depthwise));
      !s)
    return s.error();
  if (bias_last) {
    const tensor_id sums = y;
    y = e.make(scalar::f32);
    if (auto s = e.emit(ops::add, {sums, bias}, y); !s) return s.error();
  }
  if (one_row) {
    const dims s = e.g[y].shape;
    const auto line = reshaped_like(e, y, {s[0], s[2], s[3]});
    if (!line) return line.error();
    y = *line;
  }
  return e.wrap(y, scalar::f32, true, suggests_channels_last(x));
}
/// A transposed convolution whose taps stand apart: zeros between them.
inline result<value> dilated_transposed(emitter& e, arguments& a, tensor_data& x, packed_data p) {
  tensor_data& all = *e.c.values.tensor(*p.weight).t;
  value w = value_of(all);
  for (std::size_t k = 0; k + 2 < all.size.size(); ++k) {
    const std::size_t axis = 2 + k, last = all.size.size() - 1 - axis;
    const std::int64_t by = p.dilation.size() == 1  ? p.dilation[0]
                            : k < p.dilation.size() ? p.dilation[k]
                                                    : 1;
    const std::int64_t taps = all.size[axis];
    if (by <= 1 || taps <= 1) continue;
    if (by > static_cast<std::int64_t>(most_made) / taps) return too_large("dilation of " + a.name);
    std::vector<std::int64_t> amounts(2 * last + 2), index;
    amounts.back() = 1;  // a zero behind
    for (std::int64_t t = 0; t <= (taps - 1) * by; ++t)
      index.push_back(t % by == 0 ? t / by : taps);
    if (auto s = e.c.build.work.spend(sizeof(std::int64_t) * index.size()); !s) return s.error();
    auto apart = padded(e, a, *w.t, amounts, "constant", 0);
    if (apart) apart = picked(e, *apart->t, axis, index);
    if (!apart) return apart;
    w = *apart;
  }
  p.dilation.assign(1, 1);
  p.weight = w.t;
  return float_convolution(e, a, x, std::move(p));
}
/// A transposed convolution of groups: each group's channels by themselves, side by side.
inline result<value> groups_side_by_side(emitter& e, arguments& a, tensor_data& x,
                                         const packed_data& p) {
  const std::int64_t in = p.weight->size[0] / p.groups, out = p.weight->size[1];
  tensor_data& w = *e.c.values.tensor(*p.weight).t;
  std::vector<value> parts;
  for (std::int64_t k = 0; k < p.groups; ++k) {
    packed_data one = p;
    one.groups = 1;
    const auto channels = sliced(e, x, 1, k * in, in), weight = sliced(e, w, 0, k * in, in);
    if (!channels) return channels;
    if (!weight) return weight;
    one.weight = weight->t;
    if (p.bias) {
      tensor_data& b = *e.c.values.tensor(*p.bias).t;
      const auto bias = sliced(e, b, 0, k * out, out);
      if (!bias) return bias;
      one.bias = bias->t;
    }
    const auto y = float_convolution(e, a, *channels->t, std::move(one));
    if (!y) return y;
    parts.push_back(*y);
  }
  arguments all(
      e.c, a.name,
      {{"tensors", e.c.values.list(std::move(parts))}, {"dim", value::of(std::int64_t{1})}});
  return cat<false, false>(e, all);
}
/// A convolution of volumes: for each plane of the window one of images, of which those that it
/// covers are beside each other in the axis of images; their results are added.
inline result<value> volume_convolution(emitter& e, arguments& a, tensor_data& x, packed_data p) {
  for (auto* list : {&p.stride, &p.padding, &p.dilation})
    if (list->size() == 1) list->resize(3, list->front());
  const tensor_data& w = *p.weight;
  if (w.rank() != 5 || p.stride.size() != 3 || p.padding.size() != 3 || p.dilation.size() != 3 ||
      p.stride[0] < 1 || p.dilation[0] < 1 || p.padding[0] < 0 ||
      std::max(p.dilation[0], p.padding[0]) > INT32_MAX)
    return invalid("window of " + a.name);
  const auto deep = padded(e, a, x, {0, 0, 0, 0, p.padding[0], p.padding[0]}, "constant", 0);
  if (!deep) return deep;
  const std::int64_t reach = p.dilation[0] * (w.size[2] - 1) + 1, room = deep->t->size[2] - reach;
  if (room < 0 || room > INT32_MAX) return invalid("window of " + a.name);
  const std::int64_t planes = room / p.stride[0] + 1;
  packed_data image = p;
  image.bias = nullptr;
  for (auto* list : {&image.stride, &image.padding, &image.dilation}) list->erase(list->begin());
  image.output_padding.clear();
  step sum = number(e, 0);
  value y;
  for (std::int64_t k = 0; k < w.size[2]; ++k) {
    std::vector<std::int64_t> at;
    for (std::int64_t o = 0; o < planes; ++o) at.push_back(k * p.dilation[0] + o * p.stride[0]);
    tensor_data& all = *e.c.values.tensor(w).t;
    auto weight = sliced(e, all, 2, k, 1);
    if (weight) weight = reshaped(e, *weight->t, {w.size[0], w.size[1], w.size[3], w.size[4]});
    auto images = picked(e, *deep->t, 2, at);
    if (images) images = permuted(e, *images->t, {0, 2, 1, 3, 4});
    if (images) images = reshaped(e, *images->t, {-1, x.size[1], x.size[3], x.size[4]});
    if (!weight) return weight;
    if (!images) return images;
    image.weight = weight->t;
    const auto one = float_convolution(e, a, *images->t, image);
    if (!one) return one;
    sum = k == 0 ? step_of(one) : apply(e, ops::add, sum, step_of(one));
    y = *one;
  }
  if (!sum) return sum.error();
  const auto apart =
      reshaped(e, **sum, {x.size[0], planes, y.t->size[1], y.t->size[2], y.t->size[3]});
  if (!apart) return apart;
  auto volumes = permuted(e, *apart->t, {0, 2, 1, 3, 4});
  if (volumes && p.bias) {
    tensor_data& b = *e.c.values.tensor(*p.bias).t;
    const step bias = step_of(reshaped(e, b, {p.bias->elements(), 1, 1, 1}));
    volumes = done(apply(e, ops::add, step_of(volumes), bias));
  }
  if (!volumes || !suggests_channels_last(x)) return as_contiguous(e, volumes);
  return with_strides(e, *volumes, channels_last_strides(volumes->t->size));
}
/// A transposed convolution of volumes as one of images whose channels are those under all taps of
/// the depth.
inline result<value> transposed_volume(emitter& e, arguments& a, tensor_data& x, packed_data p) {
  p.spatial = 3;
  for (auto* list : {&p.stride, &p.padding, &p.dilation, &p.output_padding})
    if (list->size() <= 1) list->resize(3, list->empty() ? 0 : list->front());
  if (auto valid = checked(e.c.values, p); !valid) return valid;
  if (const auto channels = channels_of(a, x, p); !channels) return channels.error();
  if (p.groups > 1) return groups_side_by_side(e, a, x, p);
  const auto images = images_to_transpose(e, a, x, p);
  if (!images) return images.error();
  std::vector<tensor_id> operands{images->images, images->weights};
  if (p.bias) {
    const auto b = e.c.numbers<float>(*p.bias);
    if (!b) return b.error();
    operands.push_back(e.constant_of(*b));
  }
  const tensor_id y = e.make(scalar::f32);
  if (auto s = e.emit(ops::float_transpose_conv2d, std::move(operands), y,
                      conv_attributes(images->image, false, false));
      !s)
    return s.error();
  return volume_of_images(e, x, y, images->depth);
}
/// Weight and bias.
inline result<packed_data> weights_of(emitter& e, arguments& a) {
  packed_data p;
  p.weight = a.tensor("weight");
  if (!a.none("bias")) p.bias = a.tensor("bias");
  if (auto s = a.check(); !s) return s.error();
  static_cast<void>(e);
  return p;
}
/// _convolution and convolution: (x, weight, bias, stride, padding, dilation, transposed,
/// output_padding, groups, ..).
inline result<value> any_convolution(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "input");
  if (!x) return x.error();
  auto p = weights_of(e, a);
  if (!p) return p.error();
  p->stride = a.integers("stride"), p->padding = a.integers("padding");
  p->dilation = a.integers("dilation");
  p->transposed = a.boolean("transposed");
  p->output_padding = a.integers("output_padding");
  p->groups = a.integer("groups");
  if (auto s = a.check(); !s) return s.error();
  return float_convolution(e, a, **x, std::move(*p));
}
/// conv1d, conv2d: (x, weight, bias, stride, padding, dilation, groups); padding may be "same" or
/// "valid". What "same" adds beyond an even number goes to the end.
inline result<value> plain_convolution(emitter& e, arguments& a) {
  step x = real_argument(e, a, "input");
  if (!x) return x.error();
  auto p = weights_of(e, a);
  if (!p) return p.error();
  const auto spatial = as_size(std::max((*x)->rank() - 2, 0));
  p->stride = a.integers("stride"), p->dilation = a.integers("dilation");
  p->groups = a.integer("groups");
  if (const value padding = a["padding"]; padding.is(kind::string)) {
    p->padding.assign(spatial, 0);
    if (padding.c->text == "same") {
      p->dilation.resize(spatial, p->dilation.empty() ? 1 : p->dilation.front());
      std::vector<std::int64_t> amounts;
      for (std::size_t k = spatial; k-- > 0;) {
        const std::int64_t reach = as_size(p->weight->rank()) == spatial + 2
                                       ? (p->weight->size[2 + k] - 1) * p->dilation[k]
                                       : 0;
        p->padding[k] = reach / 2;
        amounts.push_back(0), amounts.push_back(reach % 2);
      }
      if (std::any_of(amounts.begin(), amounts.end(), [](std::int64_t v) { return v != 0; })) {
        x = step_of(padded(e, a, **x, amounts, "constant", 0));
        if (!x) return x.error();
      }
    }
  } else {
    p->padding = a.integers("padding");
  }
  if (auto s = a.check(); !s) return s.error();
  return float_convolution(e, a, **x, std::move(*p));
}
/// conv_transpose1d, conv_transpose2d, conv_transpose3d: (x, weight, bias, stride, padding,
/// output_padding, groups, dilation).
inline result<value> plain_transposed(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "input");
  if (!x) return x.error();
  auto p = weights_of(e, a);
  if (!p) return p.error();
  p->transposed = true;
  p->stride = a.integers("stride"), p->padding = a.integers("padding");
  p->output_padding = a.integers("output_padding");
  p->groups = a.integer("groups"), p->dilation = a.integers("dilation");
  if (auto s = a.check(); !s) return s.error();
  return float_convolution(e, a, **x, std::move(*p));
}
/// x times weights [out, in], and a bias where there is one.
inline result<value> dense(emitter& e, tensor_data& x, tensor_id weights, tensor_id bias) {
  const auto in = e.held(x, false);
  if (!in) return in.error();
  const tensor_id y = e.make(scalar::f32);
  std::vector<tensor_id> operands{*in, weights};
  if (bias != no_tensor) operands.push_back(bias);
  if (auto s = e.emit(ops::float_fully_connected, std::move(operands), y, linear_attributes(x)); !s)
    return s.error();
  return e.wrap(y, scalar::f32, false, false);
}
inline step matrix_product(emitter& e, const step& x, const step& y);
inline step with_axes_swapped(emitter& e, const step& x) {
  if (!x) return x;
  std::vector<std::int64_t> order;
  for (int i = 0; i < (*x)->rank(); ++i) order.push_back(i);
  if (order.size() >= 2) std::swap(order[order.size() - 1], order[order.size() - 2]);
  return step_of(permuted(e, **x, order));
}
/// linear(x, weight, bias).
inline step linear_of(emitter& e, const step& x, tensor_data* w, tensor_data* b) {
  if (!x) return x;
  if (w->type != scalar::f32 || w->rank() != 2 || (*x)->rank() < 1 ||
      (*x)->size.back() != w->size[1])
    return invalid("weights or input of " + e.operator_name(),
                   std::string(name_of(w->type)) + ", " + std::to_string(w->rank()) + " axes");
  if (!e.c.known(*w)) {
    const step y = matrix_product(e, x, with_axes_swapped(e, w));
    return b ? apply(e, ops::add, y, b) : y;
  }
  const auto weights = e.held(*w, false);
  if (!weights) return weights.error();
  tensor_id bias = no_tensor;
  if (b) {
    const auto held = e.held(*b, false);
    if (!held) return held.error();
    bias = *held;
  }
  return step_of(dense(e, **x, *weights, bias));
}
inline result<value> float_linear(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "input");
  tensor_data* w = a.tensor("weight");
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  const auto b = factor_argument(e, a, "bias");
  if (!b) return b.error();
  return done(linear_of(e, x, w, *b));
}
/// The last two axes multiplied, those before them broadcast; vectors as matrices of one row or
/// column.
inline step matrix_product(emitter& e, const step& x, const step& y) {
  if (!x) return x;
  if (!y) return y;
  const bool row = (*x)->rank() == 1, column = (*y)->rank() == 1;
  if ((*x)->rank() < 1 || (*y)->rank() < 1)
    return invalid("rank of an operand of " + e.operator_name(), "0");
  step p = x, q = y;
  if (row) p = step_of(reshaped(e, **x, {1, (*x)->size[0]}));
  if (column) q = step_of(reshaped(e, **y, {(*y)->size[0], 1}));
  if (!p) return p;
  if (!q) return q;
  const auto left = e.held(**p, false), right = e.held(**q, false);
  if (!left) return left.error();
  if (!right) return right.error();
  const tensor_id to = e.make(scalar::f32);
  if (auto s = e.emit(ops::batch_matmul, {*left, *right}, to); !s) return s.error();
  const value v = e.wrap(to, scalar::f32, false, false);
  if (!row && !column) return v.t;
  auto size = v.t->size;
  if (column) size.pop_back();
  if (row) size.erase(size.end() - (column ? 1 : 2));
  return step_of(reshaped(e, *v.t, std::move(size)));
}
inline result<value> product_with(emitter& e, arguments& a, std::string_view other) {
  return done(matrix_product(e, real_argument(e, a, "self"), real_argument(e, a, other)));
}
inline result<value> matmul(emitter& e, arguments& a) { return product_with(e, a, "other"); }
/// mm and bmm.
inline result<value> mm(emitter& e, arguments& a) { return product_with(e, a, "mat2"); }
inline result<value> mv(emitter& e, arguments& a) { return product_with(e, a, "vec"); }
/// quantized::matmul: dequantized, multiplied, quantized.
inline result<value> quantized_matmul(emitter& e, arguments& a) {
  const tensor_data* x = a.tensor("qa");
  if (auto s = a.check(); !s) return s.error();
  const auto q = e.output(a, x->type, {"scale", "zero_point"});
  if (!q) return q.error();
  const step y = matrix_product(e, real_argument(e, a, "qa"), real_argument(e, a, "qb"));
  if (!y) return y.error();
  const auto in = e.held_as_is(**y);
  if (!in) return in.error();
  const tensor_id to = e.make(x->type, *q);
  if (auto s = e.emit(ops::quantize, {*in}, to); !s) return s.error();
  return e.wrap(to, x->type, false, false);
}
/// beta * x + alpha * (left @ right).
inline result<value> added_product(emitter& e, arguments& a, std::string_view left,
                                   std::string_view right) {
  const double beta = a.real("beta"), alpha = a.real("alpha");
  const step x = real_argument(e, a, "self");
  step y = matrix_product(e, real_argument(e, a, left), real_argument(e, a, right));
  if (alpha != 1) y = apply(e, ops::mul, y, number(e, alpha));
  if (beta == 0) return done(y);
  return done(apply(e, ops::add, y, beta == 1 ? x : apply(e, ops::mul, x, number(e, beta))));
}
inline result<value> addmm(emitter& e, arguments& a) { return added_product(e, a, "mat1", "mat2"); }
inline result<value> baddbmm(emitter& e, arguments& a) {
  return added_product(e, a, "batch1", "batch2");
}

// ---- attention ----

inline step softmax_over_rows(emitter& e, const step& x) {
  if (!x) return x;
  const auto in = e.held(**x, false);
  if (!in) return in.error();
  const tensor_id to = e.make(scalar::f32);
  attributes attrs;
  attrs.set("axis", std::int64_t{(*x)->rank() - 1});
  if (auto s = e.emit(ops::softmax, {*in}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, scalar::f32, false, false).t;
}
/// softmax(scale * q k^T + mask). A mask of bools keeps what is true.
inline step attention_weights(emitter& e, const step& q, const step& k, tensor_data* mask,
                              double scale, bool no_row_is_hidden = false) {
  step scores = matrix_product(e, apply(e, ops::mul, q, number(e, scale)), with_axes_swapped(e, k));
  if (scores && mask && mask->type == scalar::boolean)
    scores = step_of(chosen(e, *mask, **scores, *number_of(e, -infinity, scalar::f32)));
  else if (mask)
    scores = apply(e, ops::add, scores, real_value(e, *mask));
  const step y = softmax_over_rows(e, scores);
  if (!y || !mask || no_row_is_hidden) return y;
  // Where a mask hides all, PyTorch has 0.
  const step most = step_of(reduced(e, **scores, ops::reduce_max, {(*scores)->rank() - 1}, true));
  return where_same(e, most, number(e, -infinity), number(e, 0), y);
}
/// Keys or values of fewer heads than there are queries of: each stands for several.
inline step for_all_heads(emitter& e, const step& x, std::int64_t heads) {
  if (!x) return x;
  const std::size_t axis = (*x)->size.size() - 3;
  const std::int64_t own = (*x)->size.size() >= 3 ? (*x)->size[axis] : 0;
  if (own < 1 || heads % own != 0 || heads > 65536)
    return invalid("heads of " + e.operator_name(), std::to_string(own), std::to_string(heads));
  std::vector<std::int64_t> index;
  for (std::int64_t i = 0; i < heads; ++i) index.push_back(i / (heads / own));
  return own == heads ? x : step_of(picked(e, **x, axis, index));
}
/// scaled_dot_product_attention(q, k, v, mask, dropout, is_causal, scale, enable_gqa).
inline result<value> attention(emitter& e, arguments& a) {
  const step q = real_argument(e, a, "query");
  step k = real_argument(e, a, "key"), v = real_argument(e, a, "value");
  const bool causal = a.boolean("is_causal");
  if (!q) return q.error();
  if (!k) return k.error();
  if (auto s = a.check(); !s) return s.error();
  if ((*q)->rank() < 2 || (*k)->rank() < 2) return invalid("rank of an operand of " + a.name);
  const double scale =
      a.real_or("scale", numerics::div(1., numerics::sqrt(static_cast<double>((*q)->size.back()))));
  tensor_data* mask = nullptr;
  if (!a.none("attn_mask")) mask = a.tensor("attn_mask");
  if (a.boolean("enable_gqa")) {
    if ((*q)->rank() < 3) return invalid("rank of an operand of " + a.name);
    const std::int64_t heads = (*q)->size[(*q)->size.size() - 3];
    k = for_all_heads(e, k, heads), v = for_all_heads(e, v, heads);
  }
  if (auto s = a.check(); !s) return s.error();
  if (causal && mask) return invalid("a mask and is_causal of " + a.name);
  if (causal) {
    const std::int64_t rows = (*q)->size[(*q)->size.size() - 2],
                       columns = (*k)->size[(*k)->size.size() - 2];
    std::vector<double> allowed;
    if (rows * columns > static_cast<std::int64_t>(most_made))
      return too_large("mask of " + a.name);
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < columns; ++j) allowed.push_back(j <= i ? 1 : 0);
    const auto triangle = constant_tensor(e, allowed, {rows, columns}, scalar::boolean);
    if (!triangle) return triangle;
    mask = triangle->t;
  }
  return done(matrix_product(e, attention_weights(e, q, k, mask, scale, causal), v));
}
/// Weights and biases of a self-attention, and what it hides.
struct self_attention {
  std::int64_t width = 0, heads = 0;
  tensor_data *weight = nullptr, *bias = nullptr, *out_weight = nullptr, *out_bias = nullptr,
              *mask = nullptr;  // [N or 1, heads or 1, queries or 1, keys], true: hidden
};
/// Numbers of the kinds of masks that PyTorch's native layers take.
enum class mask_kind : std::int64_t { queries_by_keys = 0, keys_of_batch = 1, all = 2 };
/// A mask with all four axes; not bools: what is not 0 is hidden.
inline result<tensor_data*> hidden_by(emitter& e, arguments& a, const tensor_data& x) {
  if (a.none("mask")) return nullptr;
  tensor_data* mask = a.tensor("mask");
  const std::int64_t rows = x.size[0], length = x.size[1],
                     given = a.none("mask_type") ? -1 : a.integer("mask_type");
  if (auto s = a.check(); !s) return s.error();
  std::vector<std::int64_t> size = mask->size;
  if (given == static_cast<std::int64_t>(mask_kind::queries_by_keys) && mask->rank() == 2)
    size = {1, 1, length, length};
  else if (given == static_cast<std::int64_t>(mask_kind::keys_of_batch) && mask->rank() == 2)
    size = {rows, 1, 1, length};
  else if (given != static_cast<std::int64_t>(mask_kind::all) || mask->rank() != 4)
    return unsupported("a mask of " + a.name,
                       std::to_string(mask->rank()) + " axes, kind " + std::to_string(given),
                       "2 axes of kinds 0 and 1, 4 of kind 2");
  const auto wide = reshaped(e, *mask, std::move(size));
  if (!wide) return wide.error();
  if (wide->t->type == scalar::boolean) return wide->t;
  const auto hidden =
      emit_pair(e, ops::not_equal, {wide->t, number_of(e, 0, wide->t->type)}, scalar::boolean);
  return step_of(hidden);
}
/// Queries, keys or values of all heads: [N, heads, T, width / heads].
inline step heads_of(emitter& e, tensor_data& all, const self_attention& s, std::int64_t part) {
  const step piece = step_of(sliced(e, all, 2, part * s.width, s.width));
  if (!piece) return piece;
  const auto split = reshaped(e, **piece, {all.size[0], all.size[1], s.heads, s.width / s.heads});
  if (!split) return split.error();
  return step_of(permuted(e, *split->t, {0, 2, 1, 3}));
}
/// What attention gives, and its weights for each head.
struct attended {
  step y, weights;
};
inline attended attend(emitter& e, const step& x, const self_attention& s) {
  if (!x) return {x, x};
  if ((*x)->rank() != 3 || s.heads < 1 || s.width % s.heads != 0 || (*x)->size[2] != s.width) {
    const step bad = invalid("shape of the input of " + e.operator_name());
    return {bad, bad};
  }
  const step all = linear_of(e, x, s.weight, s.bias);
  if (!all) return {all, all};
  step shown = nullptr;
  if (s.mask)
    shown = step_of(
        emit_pair(e, ops::equal, {s.mask, number_of(e, 0, scalar::boolean)}, scalar::boolean));
  if (!shown) return {shown, shown};
  const double root = numerics::sqrt(static_cast<double>(s.width / s.heads));
  const step weights = attention_weights(e, heads_of(e, **all, s, 0), heads_of(e, **all, s, 1),
                                         *shown, numerics::div(1., root));
  const step y = matrix_product(e, weights, heads_of(e, **all, s, 2));
  if (!y) return {y, weights};
  const auto together = permuted(e, **y, {0, 2, 1, 3});
  if (!together) return {together.error(), weights};
  const step joined = step_of(reshaped(e, *together->t, (*x)->size));
  return {linear_of(e, joined, s.out_weight, s.out_bias), weights};
}
/// _native_multi_head_attention(query, key, value, embed_dim, heads, qkv_weight, qkv_bias,
/// proj_weight, proj_bias, mask, need_weights, ..) of one tensor with itself.
inline result<value> multi_head_attention(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "query");
  if (!x) return x.error();
  self_attention layer{a.integer("embed_dim"), a.integer("num_head"),   a.tensor("qkv_weight"),
                       a.tensor("qkv_bias"),   a.tensor("proj_weight"), a.tensor("proj_bias")};
  if (auto s = a.check(); !s) return s.error();
  const value query = a["query"], k = a["key"], v = a["value"];
  if (!k.is(kind::tensor) || !v.is(kind::tensor) || k.t != query.t || v.t != query.t)
    return unsupported("operands of " + a.name, "different tensors",
                       "self-attention: one tensor as query, key and value");
  if ((*x)->rank() != 3) return invalid("shape of the input of " + a.name);
  const auto mask = hidden_by(e, a, **x);
  if (!mask) return mask.error();
  layer.mask = *mask;
  const attended out = attend(e, x, layer);
  const auto projected = done(out.y);
  if (!projected) return projected;
  if (!a.boolean("need_weights")) return e.c.values.list({*projected, value{}}, kind::tuple);
  step given = out.weights;
  if (a.boolean("average_attn_weights"))
    given = apply(e, ops::div, summed(e, out.weights, {1}, false),
                  number(e, static_cast<double>(layer.heads)));
  if (!given) return given.error();
  return e.c.values.list({*projected, value_of(**given)}, kind::tuple);
}
/// One normalization of an encoder layer.
inline step encoder_norm(emitter& e, const step& x, double eps, tensor_data* weight,
                         tensor_data* bias) {
  layer_norm_attrs how;
  how.epsilon = eps;
  return normalized_rows(e, x, weight, bias, how);
}
/// _transformer_encoder_layer_fwd(src, ..), what nn.TransformerEncoderLayer is in eval mode:
/// attention and two linear layers, each added to what it is given, with a normalization before
/// or behind.
inline result<value> encoder_layer(emitter& e, arguments& a) {
  step x = real_argument(e, a, "src");
  if (!x) return x.error();
  self_attention layer{a.integer("embed_dim"), a.integer("num_heads"),  a.tensor("qkv_weight"),
                       a.tensor("qkv_bias"),   a.tensor("proj_weight"), a.tensor("proj_bias")};
  const bool gelu_between = a.boolean("use_gelu"), first = a.boolean("norm_first");
  const double eps = a.real("eps");
  tensor_data *g1 = a.tensor("norm_weight_1"), *b1 = a.tensor("norm_bias_1"),
              *g2 = a.tensor("norm_weight_2"), *b2 = a.tensor("norm_bias_2"),
              *w1 = a.tensor("ffn_weight_1"), *c1 = a.tensor("ffn_bias_1"),
              *w2 = a.tensor("ffn_weight_2"), *c2 = a.tensor("ffn_bias_2");
  if (auto s = a.check(); !s) return s.error();
  if ((*x)->rank() != 3) return invalid("shape of the input of " + a.name);
  const auto mask = hidden_by(e, a, **x);
  if (!mask) return mask.error();
  layer.mask = *mask;
  x = apply(e, ops::add, attend(e, first ? encoder_norm(e, x, eps, g1, b1) : x, layer).y, x);
  if (!first) x = encoder_norm(e, x, eps, g1, b1);
  const step inner = linear_of(e, first ? encoder_norm(e, x, eps, g2, b2) : x, w1, c1);
  const step between = gelu_between ? apply(e, ops::gelu, inner) : apply(e, ops::relu, inner);
  x = apply(e, ops::add, linear_of(e, between, w2, c2), x);
  if (!first) x = encoder_norm(e, x, eps, g2, b2);
  return done(x);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_FLOAT_HPP_
