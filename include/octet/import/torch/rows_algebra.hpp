// Rows of linear algebra, and of running extremes, composed of products, sums and choices.
#ifndef OCTET_IMPORT_TORCH_ROWS_ALGEBRA_HPP_
#define OCTET_IMPORT_TORCH_ROWS_ALGEBRA_HPP_

#include <algorithm>

#include "octet/import/common/einsum.hpp"
#include "octet/import/torch/rows_composed.hpp"
#include "octet/import/torch/rows_windows.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

// ---- products ----

/// addmv(x, matrix, vector, beta, alpha).
inline result<value> addmv(emitter& e, arguments& a) { return added_product(e, a, "mat", "vec"); }
/// addbmm(x, batch1, batch2, beta, alpha): the products of all pairs added.
inline result<value> addbmm(emitter& e, arguments& a) {
  const double beta = a.real("beta"), alpha = a.real("alpha");
  const step x = real_argument(e, a, "self");
  step y = matrix_product(e, real_argument(e, a, "batch1"), real_argument(e, a, "batch2"));
  if (y) y = sum_in_order(e, y, {0}, false);
  if (alpha != 1) y = apply(e, ops::mul, y, number(e, alpha));
  if (beta == 0) return done(y);
  return done(apply(e, ops::add, beta == 1 ? x : apply(e, ops::mul, x, number(e, beta)), y));
}
/// Two vectors as the matrix of their products.
inline step outer_of(emitter& e, const step& x, const step& y) {
  if (!x) return x;
  if (!y) return y;
  const step column = step_of(reshaped(e, **x, {(*x)->elements(), 1}));
  return apply(e, ops::mul, column, y);
}
/// addr(x, vec1, vec2, beta, alpha).
inline result<value> addr(emitter& e, arguments& a) {
  const double beta = a.real("beta"), alpha = a.real("alpha");
  const step x = real_argument(e, a, "self");
  step y = outer_of(e, real_argument(e, a, "vec1"), real_argument(e, a, "vec2"));
  if (alpha != 1) y = apply(e, ops::mul, y, number(e, alpha));
  if (beta == 0) return done(y);
  return done(apply(e, ops::add, beta == 1 ? x : apply(e, ops::mul, x, number(e, beta)), y));
}
/// x and y with the named axes, as many of each, summed over their products.
inline result<value> contracted(emitter& e, const step& x, const step& y,
                                const std::vector<std::int64_t>& of_x,
                                const std::vector<std::int64_t>& of_y) {
  if (!x) return x.error();
  if (!y) return y.error();
  const auto rest = [](const tensor_data& t, const std::vector<std::int64_t>& axes) {
    std::vector<std::int64_t> left;
    for (int i = 0; i < t.rank(); ++i)
      if (std::find(axes.begin(), axes.end(), i) == axes.end()) left.push_back(i);
    return left;
  };
  auto left = rest(**x, of_x), right = of_y;
  std::vector<std::int64_t> size;
  std::int64_t summed_over = 1;
  for (const std::int64_t i : left) size.push_back((*x)->size[as_size(i)]);
  for (const std::int64_t i : rest(**y, of_y)) {
    right.push_back(i);
    size.push_back((*y)->size[as_size(i)]);
  }
  for (std::size_t k = 0; k < of_x.size(); ++k) {
    const std::int64_t n = (*x)->size[as_size(of_x[k])];
    if (n != (*y)->size[as_size(of_y[k])]) return invalid("extents of " + e.operator_name());
    summed_over *= n;
    left.push_back(of_x[k]);
  }
  const auto p = permuted(e, **x, left), q = permuted(e, **y, right);
  if (!p) return p;
  if (!q) return q;
  const step rows = step_of(reshaped(e, *p->t, {-1, summed_over})),
             columns = step_of(reshaped(e, *q->t, {summed_over, -1}));
  const step product = matrix_product(e, rows, columns);
  if (!product) return product.error();
  return reshaped(e, **product, std::move(size));
}
/// tensordot(x, y, axes of x, axes of y).
inline result<value> tensordot(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), y = real_argument(e, a, "other");
  if (!x) return x.error();
  if (!y) return y.error();
  const auto of_x = axes_argument(a, "dims_self", **x), of_y = axes_argument(a, "dims_other", **y);
  if (auto s = a.check(); !s) return s.error();
  if (of_x.size() != of_y.size()) return invalid("axes of " + a.name);
  return contracted(e, x, y, of_x, of_y);
}
/// inner(x, y): over the last axis of each.
inline result<value> inner_product(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), y = real_argument(e, a, "other");
  if (!x) return x.error();
  if (!y) return y.error();
  if ((*x)->rank() == 0 || (*y)->rank() == 0) return done(apply(e, ops::mul, x, y));
  return contracted(e, x, y, {(*x)->rank() - 1}, {(*y)->rank() - 1});
}
/// bilinear(x, y, weight, bias): over the last axis of each, weights [O, I, J].
inline result<value> bilinear(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "input1"), y = real_argument(e, a, "input2"),
             w = real_argument(e, a, "weight");
  if (!x) return x.error();
  if (!y) return y.error();
  if (!w) return w.error();
  const int rank = (*x)->rank();
  if ((*w)->rank() != 3 || rank == 0 || (*y)->rank() != rank)
    return unsupported("ranks of " + a.name, std::to_string(rank));
  const auto rows = contracted(e, x, w, {rank - 1}, {1});  // [..., O, J]
  if (!rows) return rows;
  auto size = (*y)->size;
  size.insert(size.end() - 1, 1);
  const step product = apply(e, ops::mul, step_of(rows), step_of(reshaped(e, **y, size)));
  const step sum = sum_in_order(e, product, {rank}, false);
  if (a.none("bias")) return done(sum);
  return done(apply(e, ops::add, sum, real_argument(e, a, "bias")));
}
/// kron(x, y): blocks of y times each element of x.
inline result<value> kron(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), y = real_argument(e, a, "other");
  if (!x) return x.error();
  if (!y) return y.error();
  const auto rank = as_size(std::max((*x)->rank(), (*y)->rank()));
  std::vector<std::int64_t> of_x, of_y, size;
  for (std::size_t i = 0; i < rank; ++i) {
    const auto extent = [&](const tensor_data& t) {
      const std::size_t first = rank - t.size.size();
      return i < first ? std::int64_t{1} : t.size[i - first];
    };
    of_x.insert(of_x.end(), {extent(**x), 1});
    of_y.insert(of_y.end(), {1, extent(**y)});
    size.push_back(extent(**x) * extent(**y));
  }
  const step v = apply(e, ops::mul, step_of(reshaped(e, **x, std::move(of_x))),
                       step_of(reshaped(e, **y, std::move(of_y))));
  if (!v) return v.error();
  return reshaped(e, **v, std::move(size));
}
/// cross(x, y, dim) and linalg_cross: of three elements along an axis; without one the first axis
/// of three.
inline result<value> cross(emitter& e, arguments& a) {
  const step x = real_argument(e, a, a.first()), y = real_argument(e, a, "other");
  if (!x) return x.error();
  if (!y) return y.error();
  std::size_t axis = (*x)->size.size();
  if (a.none("dim"))
    axis = static_cast<std::size_t>(std::find((*x)->size.begin(), (*x)->size.end(), 3) -
                                    (*x)->size.begin());
  else
    axis = a.axis(a.integer("dim"), (*x)->rank());
  if (auto s = a.check(); !s) return s.error();
  if (axis >= (*x)->size.size() || (*x)->size[axis] != 3 || (*y)->rank() != (*x)->rank() ||
      (*y)->size[axis] != 3)
    return invalid("operands of " + a.name);
  const auto turned = [&](const step& v, std::int64_t by) {
    return step_of(picked(e, **v, axis, {by % 3, (by + 1) % 3, (by + 2) % 3}));
  };
  const step first = apply(e, ops::mul, turned(x, 1), turned(y, 2)),
             second = apply(e, ops::mul, turned(x, 2), turned(y, 1));
  return done(apply(e, ops::sub, first, second));
}
/// trace(x): the sum of the diagonal.
inline result<value> trace(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  if (!x) return x.error();
  if ((*x)->rank() != 2) return invalid("rank of the input of " + a.name);
  arguments of(e.c, a.name,
               {{"self", value_of(**x)},
                {"offset", value::of(std::int64_t{0})},
                {"dim1", value::of(std::int64_t{0})},
                {"dim2", value::of(std::int64_t{1})}});
  const auto line = diagonal(e, of);
  if (!line) return line;
  return done(sum_in_order(e, line->t, {0}, false));
}
/// Elements of the last axis on a diagonal of matrices that are 0 elsewhere.
inline result<value> on_diagonal(emitter& e, tensor_data& x, std::int64_t offset) {
  const std::int64_t n = x.size.back(), edge = n + std::abs(offset);
  constexpr auto most = static_cast<std::int64_t>(most_made);
  if (edge > most || edge * edge > most ||
      edge * edge * std::max<std::int64_t>(x.elements() / std::max<std::int64_t>(n, 1), 1) > most)
    return too_large("result of " + e.operator_name());
  std::vector<double> is;
  std::vector<std::int64_t> from;
  for (std::int64_t i = 0; i < edge * edge; ++i) {
    const std::int64_t row = i / edge, k = row - std::max<std::int64_t>(-offset, 0);
    const bool on = i % edge - row == offset && k >= 0 && k < n;
    is.push_back(on ? 1 : 0), from.push_back(on ? k : 0);
  }
  if (auto s = e.c.build.make_constant(from.size() * sizeof(std::int64_t)); !s) return s.error();
  auto size = x.size;
  size.back() = edge, size.push_back(edge);
  const auto all = picked(e, x, x.size.size() - 1, from);
  if (!all) return all;
  const auto matrices = reshaped(e, *all->t, std::move(size));
  if (!matrices) return matrices;
  const auto mask = constant_tensor(e, is, {edge, edge}, scalar::boolean);
  if (!mask) return mask;
  return as_contiguous(e, chosen(e, *mask->t, *matrices->t, *number_of(e, 0, x.type)));
}
/// diag_embed(x, offset), of the last two axes.
inline result<value> diag_embed(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t offset = a.small("offset", a.integer("offset"));
  const std::int64_t first = a.integer("dim1"), second = a.integer("dim2");
  if (auto s = a.check(); !s) return s.error();
  if (first != -2 || second != -1 || x->rank() == 0 || is_quantized(x->type))
    return unsupported("axes of " + a.name, std::to_string(first) + ", " + std::to_string(second),
                       "-2, -1");
  return on_diagonal(e, *x, offset);
}
/// diag(x, offset): of a line a matrix, of a matrix its diagonal.
inline result<value> diag(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t offset = a.small("diagonal", a.integer("diagonal"));
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() == 1 && !is_quantized(x->type)) return on_diagonal(e, *x, offset);
  if (x->rank() != 2) return invalid("rank of the input of " + a.name);
  arguments of(e.c, a.name,
               {{"self", value_of(*x)},
                {"offset", value::of(offset)},
                {"dim1", value::of(std::int64_t{0})},
                {"dim2", value::of(std::int64_t{1})}});
  return diagonal(e, of);
}

// ---- elements against each other ----

/// isclose(x, y, rtol, atol).
inline result<value> isclose(emitter& e, arguments& a) {
  const double relative = a.real("rtol"), absolute_by = a.real("atol");
  const step x = real_argument(e, a, "self"), y = real_argument(e, a, "other");
  if (auto s = a.check(); !s) return s.error();
  const step room = apply(e, ops::add, number(e, absolute_by),
                          apply(e, ops::mul, number(e, relative), apply(e, ops::abs, y))),
             apart = apply(e, ops::abs, apply(e, ops::sub, x, y));
  if (!room) return room.error();
  if (!apart) return apart.error();
  const auto same = same_number(e, x, y);
  const auto near = emit_pair(e, ops::less_equal, {*apart, *room}, scalar::boolean);
  const auto finite = emit_pair(e, ops::less, {*apart, *number(e, infinity)}, scalar::boolean);
  if (!same) return same;
  if (!near) return near;
  if (!finite) return finite;
  const auto both = emit_pair(e, ops::logical_and, {near->t, finite->t}, scalar::boolean);
  if (!both) return both;
  return emit_pair(e, ops::logical_or, {same->t, both->t}, scalar::boolean);
}
/// isin(x, list): is an element one of the list's?
inline result<value> isin(emitter& e, arguments& a) {
  const auto both = pair_of(e, a, "elements", "test_elements", false);
  const bool inverted = a.boolean("invert");
  if (!both) return both.error();
  if (auto s = a.check(); !s) return s.error();
  tensor_data &x = *(*both)[0], &list = *(*both)[1];
  auto size = x.size;
  size.push_back(1);
  const auto column = reshaped(e, x, std::move(size)), line = reshaped(e, list, {list.elements()});
  if (!column) return column;
  if (!line) return line;
  const auto is = emit_pair(e, ops::equal, {column->t, line->t}, scalar::boolean);
  if (!is) return is;
  const auto any = reduced(e, *is->t, ops::reduce_any, {is->t->rank() - 1}, false);
  if (!any || !inverted) return any;
  return emit_pair(e, ops::equal, {any->t, number_of(e, 0, scalar::boolean)}, scalar::boolean);
}
template <int Sign> result<value> is_infinity(emitter& e, arguments& a) {
  return same_number(e, real_argument(e, a, "self"), number(e, Sign * infinity));
}
/// fmax and fmin: of a number and none the number.
template <const op_def& Op> result<value> extreme_number(emitter& e, arguments& a) {
  const auto both = pair_of(e, a, "self", "other", true);
  if (!both) return both.error();
  const step x = (*both)[0], y = (*both)[1];
  const step of_two = apply(e, Op, x, y);
  return done(where_same(e, y, y, where_same(e, x, x, of_two, y), x));
}
/// rad2deg and deg2rad.
template <bool Degrees> result<value> angle(emitter& e, arguments& a) {
  return done(apply(e, ops::mul, real_argument(e, a, "self"),
                    number(e, Degrees ? 57.295779513082320876798154814105170332405472466564
                                      : 0.017453292519943295769236907684886127134428718885417)));
}
/// hypot(x, y); the last bit is not PyTorch's.
inline result<value> hypot(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), y = real_argument(e, a, "other");
  return done(
      apply(e, ops::sqrt, apply(e, ops::add, apply(e, ops::mul, x, x), apply(e, ops::mul, y, y))));
}
/// logit(x, eps): log(x / (1 - x)), x held within eps and 1 - eps; the last bit is not PyTorch's.
inline result<value> logit(emitter& e, arguments& a) {
  step x = real_argument(e, a, "self");
  if (!a.none("eps")) {
    const double eps = a.real("eps");
    x = apply(e, ops::minimum, apply(e, ops::maximum, x, number(e, eps)),
              number(e, numerics::sub(1., eps)));
  }
  if (auto s = a.check(); !s) return s.error();
  return done(apply(e, ops::log, apply(e, ops::div, x, apply(e, ops::sub, number(e, 1), x))));
}
/// heaviside(x, values): 0 below 0, 1 above, the values at 0.
inline result<value> heaviside(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), at_zero = real_argument(e, a, "values");
  if (!x) return x.error();
  const auto above = emit_pair(e, ops::greater, {*x, *number(e, 0)}, scalar::boolean);
  if (!above) return above;
  const step side = step_of(chosen(e, *above->t, **number(e, 1), **number(e, 0)));
  return done(where_same(e, x, number(e, 0), at_zero, side));
}
/// nansum(x, dim, keepdim) and nanmean: what is no number is left out.
template <bool Mean> result<value> without_nan(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  const bool keep = a.boolean("keepdim");
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  const auto axes = axes_or_all(a, "dim", **x);
  if (auto s = a.check(); !s) return s.error();
  const step sums = summed(e, where_same(e, x, x, x, number(e, 0)), axes, keep);
  if (!Mean) return done(sums);
  const auto is = same_number(e, x, x);
  if (!is) return is;
  return done(apply(e, ops::div, sums, summed(e, real_value(e, *is->t), axes, keep)));
}
/// round(x, decimals).
inline result<value> round_to(emitter& e, arguments& a) {
  const std::int64_t decimals = a.small("decimals", a.integer("decimals"));
  if (decimals == 0) return rounded<ops::round>(e, a);
  const step x = real_argument(e, a, "self");
  if (auto s = a.check(); !s) return s.error();
  if (decimals < -30 || decimals > 30)
    return unsupported("decimals of " + a.name, std::to_string(decimals), "-30 to 30");
  double ten = 1;
  for (std::int64_t k = 0; k < std::abs(decimals); ++k) ten *= 10;
  const op_def &first = decimals > 0 ? ops::mul : ops::div,
               &last = decimals > 0 ? ops::div : ops::mul;
  return done(
      apply(e, last, apply(e, ops::round, apply(e, first, x, number(e, ten))), number(e, ten)));
}

// ---- running extremes ----

/// Where the element of `later` takes the place of the one before: it is no number, or the other is
/// one and not beyond it.
template <const op_def& NotBelow>
inline result<value> takes_over(emitter& e, tensor_data& later, tensor_data& before) {
  const auto least = emit_pair(e, NotBelow, {&later, &before}, scalar::boolean);
  if (!least || later.type != scalar::f32) return least;
  const auto none = emit_pair(e, ops::not_equal, {&later, &later}, scalar::boolean);
  if (!none) return none;
  return emit_pair(e, ops::logical_or, {least->t, none->t}, scalar::boolean);
}
/// cummax(x, dim) and cummin: the extreme so far and its place, the last one of equal ones. Each
/// round joins runs of twice the length.
template <const op_def& NotBelow> result<value> running_extreme(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  if (x->type != scalar::f32 && x->type != scalar::s64 && x->type != scalar::s32)
    return unsupported("input of " + a.name, std::string(name_of(x->type)),
                       "float32, int64, int32");
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t n = x->size[axis];
  if (n > static_cast<std::int64_t>(most_made)) return too_large("input of " + a.name);
  std::vector<double> numbers;
  std::vector<std::int64_t> line(x->size.size(), 1);
  for (std::int64_t i = 0; i < n; ++i) numbers.push_back(static_cast<double>(i));
  line[axis] = n;
  const auto places = constant_tensor(e, numbers, line, scalar::s64);
  if (!places) return places;
  auto place = expanded(e, *places->t, x->size);
  result<value> most = value_of(*x);
  for (std::int64_t run = 1; run < n; run *= 2) {
    if (!place) return place;
    std::vector<std::int64_t> from;
    for (std::int64_t i = 0; i < n; ++i) from.push_back(std::max<std::int64_t>(i - run, 0));
    const auto before = picked(e, *most->t, axis, from), at = picked(e, *place->t, axis, from);
    if (!before) return before;
    if (!at) return at;
    const auto takes = takes_over<NotBelow>(e, *most->t, *before->t);
    if (!takes) return takes;
    most = chosen(e, *takes->t, *most->t, *before->t);
    place = chosen(e, *takes->t, *place->t, *at->t);
    if (!most) return most;
  }
  const auto values = as_contiguous(e, most), indices = as_contiguous(e, place);
  if (!values) return values;
  if (!indices) return indices;
  return e.c.values.list({*values, *indices}, kind::tuple);
}

// ---- Einstein sums ----

inline step einsum_operand_of(emitter& e, step x, const einsum_operand& o) {
  if (x && !o.sum.empty()) x = summed(e, x, o.sum, false);
  if (!x) return x;
  const auto turned = permuted(e, **x, o.order);
  if (!turned) return turned.error();
  return o.matrices.empty() ? step_of(turned) : step_of(reshaped(e, *turned->t, o.matrices));
}
/// einsum(equation, operands): labels that operands have and nothing later has are summed over in
/// matrix products, from the first operand to the last.
inline result<value> einsum(emitter& e, arguments& a) {
  const value equation = a["equation"], operands = a["tensors"];
  if (!equation.is(kind::string) || !operands.is_sequence() || operands.c->items.empty())
    return invalid("arguments of " + a.name);
  std::vector<step> in;
  std::vector<std::vector<std::int64_t>> shapes;
  for (const value& v : operands.c->items) {
    if (!v.is(kind::tensor)) return invalid("operand of " + a.name);
    in.push_back(real_value(e, *v.t));
    if (!in.back()) return in.back().error();
    shapes.push_back((*in.back())->size);
  }
  const auto plan = plan_einsum(equation.c->text, shapes);
  if (!plan) return plan.error();
  for (const import::einsum_diagonal& d : plan->diagonals) {
    arguments of(e.c, a.name,
                 {{"self", value_of(**in[d.operand])},
                  {"offset", value::of(std::int64_t{0})},
                  {"dim1", value::of(d.axes[0])},
                  {"dim2", value::of(d.axes[1])}});
    in[d.operand] = step_of(diagonal(e, of));
    if (!in[d.operand]) return in[d.operand].error();
  }
  if (in.size() == 1) return done(einsum_operand_of(e, in[0], plan->alone));
  step y = in[0];
  for (std::size_t k = 1; k < in.size(); ++k) {
    const import::einsum_product& p = plan->products[k - 1];
    y = matrix_product(e, einsum_operand_of(e, y, p.left), einsum_operand_of(e, in[k], p.right));
    if (!y) return y.error();
    const auto v = reshaped(e, **y, p.extents);
    if (!v) return v;
    y = step_of(permuted(e, *v->t, p.order));
  }
  return done(y);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_ALGEBRA_HPP_
