// Rows of operators that octet composes of others: of shapes alone, and of floats in PyTorch's
// order of operations.
#ifndef OCTET_IMPORT_TORCH_ROWS_COMPOSED_HPP_
#define OCTET_IMPORT_TORCH_ROWS_COMPOSED_HPP_

#include <algorithm>

#include "octet/import/torch/rows_float.hpp"
#include "octet/import/torch/rows_index.hpp"
#include "octet/import/torch/rows_memory.hpp"
#include "octet/import/torch/rows_pool.hpp"
#include "octet/ops/scatter.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

// ---- shapes ----

inline result<value> view_as(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *like = a.tensor("other");
  if (auto s = a.check(); !s) return s.error();
  return reshaped(e, *x, like->size);
}
inline result<value> ravel(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  return reshaped(e, *x, {x->elements()});
}
/// hstack, vstack, dstack: tensors of at least 1, 2, 3 axes along axis 1, 0, 2; lines along their
/// only axis in hstack.
template <int Axes> result<value> stacked(emitter& e, arguments& a) {
  const auto list = tensors_of(a);
  if (!list) return list.error();
  std::vector<value> parts;
  for (tensor_data* t : *list) {
    auto size = t->size;
    if (size.empty()) size = {1};
    if (Axes >= 2 && size.size() == 1) size.insert(size.begin(), 1);
    if (Axes == 3 && size.size() == 2) size.push_back(1);
    const auto v = size == t->size ? value_of(*t) : reshaped(e, *t, std::move(size));
    if (!v) return v;
    parts.push_back(*v);
  }
  const std::int64_t dim = Axes == 1 ? (parts.front().t->rank() == 1 ? 0 : 1) : Axes == 2 ? 0 : 2;
  arguments as(e.c, a.name,
               {{"tensors", e.c.values.list(std::move(parts))}, {"dim", value::of(dim)}});
  return cat<false, false>(e, as);
}
/// tensor_split(x, pieces, dim): the first ones have one element more; tensor_split(x, [where to
/// cut], dim).
inline result<value> tensor_split(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const auto given = a.integers("indices_or_sections");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t n = x->size[axis];
  std::vector<std::int64_t> ends;
  if (a["indices_or_sections"].is_sequence()) {
    for (std::int64_t v : given) ends.push_back(std::clamp<std::int64_t>(v < 0 ? v + n : v, 0, n));
    ends.push_back(n);
  } else {
    const std::int64_t pieces = given[0];
    if (pieces < 1 || pieces > 4096)
      return invalid("number of pieces of " + a.name, std::to_string(pieces));
    for (std::int64_t k = 1; k <= pieces; ++k)
      ends.push_back(k * (n / pieces) + std::min(k, n % pieces));
  }
  std::vector<value> out;
  std::int64_t at = 0;
  for (const std::int64_t end : ends) {
    const auto piece = sliced(e, *x, axis, std::min(at, end), std::max<std::int64_t>(end - at, 0));
    if (!piece) return piece;
    out.push_back(*piece);
    at = end;
  }
  return e.c.values.list(std::move(out));
}
/// fliplr and flipud.
template <int Axis> result<value> flipped(emitter& e, arguments& a) {
  arguments as(e.c, a.name, {{"self", a["self"]}, {"dims", e.c.values.integers({Axis})}});
  return flip(e, as);
}
/// column_stack: lines as columns, then side by side.
inline result<value> column_stack(emitter& e, arguments& a) {
  const auto list = tensors_of(a);
  if (!list) return list.error();
  std::vector<value> parts;
  for (tensor_data* t : *list) {
    const auto v = t->rank() < 2 ? reshaped(e, *t, {t->elements(), 1}) : value_of(*t);
    if (!v) return v;
    parts.push_back(*v);
  }
  arguments as(
      e.c, a.name,
      {{"tensors", e.c.values.list(std::move(parts))}, {"dim", value::of(std::int64_t{1})}});
  return cat<false, false>(e, as);
}
/// atleast_1d, atleast_2d, atleast_3d of one tensor: axes of extent 1 in front, the third behind.
template <int Axes> result<value> at_least(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() >= Axes) return a["self"];
  auto size = x->size;
  if (size.empty()) size = {1};
  if (Axes >= 2 && size.size() == 1) size.insert(size.begin(), 1);
  if (Axes == 3 && size.size() == 2) size.push_back(1);
  return reshaped(e, *x, std::move(size));
}
/// hsplit, vsplit, dsplit: tensor_split along axis 1, 0, 2; of a line hsplit takes its only axis.
template <int Axis> result<value> split_along(emitter& e, arguments& a) {
  const tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t dim = Axis == 1 && x->rank() == 1 ? 0 : Axis;
  if (x->rank() <= dim) return invalid("axes of " + a.name, std::to_string(x->rank()));
  arguments as(
      e.c, a.name,
      {{"self", a["self"]}, {"indices_or_sections", a["indices"]}, {"dim", value::of(dim)}});
  return tensor_split(e, as);
}
/// rot90(x, k, dims): quarter turns from the first axis towards the second.
inline result<value> rot90(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t turns = (a.integer("k") % 4 + 4) % 4;
  if (auto s = a.check(); !s) return s.error();
  const auto axes = axes_argument(a, "dims", *x);
  if (auto s = a.check(); !s) return s.error();
  if (axes.size() != 2 || axes[0] == axes[1])
    return invalid("axes of " + a.name, std::to_string(axes.size()), "two");
  if (turns == 0) return a["self"];
  arguments mirrored(
      e.c, a.name,
      {{"self", a["self"]},
       {"dims", e.c.values.integers(turns == 2 ? axes : std::vector{axes[turns == 1 ? 1 : 0]})}});
  const auto v = flip(e, mirrored);
  if (!v || turns == 2) return v;
  arguments turned(e.c, a.name,
                   {{"self", *v}, {"dim0", value::of(axes[0])}, {"dim1", value::of(axes[1])}});
  return transpose(e, turned);
}
/// diff(x, n, dim): what each element is more than the one before it; of bools whether they differ.
inline result<value> diff(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t times = a.integer("n"), dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  if (!a.none("prepend") || !a.none("append") || times < 0 || times > 16 ||
      !(x->type == scalar::f32 || x->type == scalar::boolean || is_whole(*x)))
    return unsupported("operands of " + a.name, std::string(name_of(x->type)),
                       "float32, int64, int32, bool; up to 16 times, nothing in front or behind");
  value v = a["self"];
  for (std::int64_t i = 0; i < times; ++i) {
    const std::int64_t n = v.t->size[axis];
    if (n < 2) return unsupported("extents of " + a.name, std::to_string(n), "2 or more");
    const auto later = sliced(e, *v.t, axis, 1, n - 1), before = sliced(e, *v.t, axis, 0, n - 1);
    if (!later) return later;
    if (!before) return before;
    const auto next = emit_pair(e, x->type == scalar::boolean ? ops::not_equal : ops::sub,
                                {later->t, before->t}, x->type);
    if (!next) return next;
    v = *next;
  }
  return v;
}
/// eye(n), eye(n, m).
inline result<value> eye(emitter& e, arguments& a) {
  const std::int64_t rows = a.small("n", a.integer("n")),
                     columns = a.none("m") ? rows : a.small("m", a.integer("m"));
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_argument(a, scalar::f32);
  if (!type) return type.error();
  const auto most = static_cast<std::int64_t>(most_made);
  if (rows < 0 || columns < 0 || (columns > 0 && rows > most / columns))
    return too_large("a tensor made by " + a.name);
  if (auto s = e.c.build.work.spend(sizeof(double) * as_size(rows * columns)); !s) return s.error();
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < rows * columns; ++i)
    numbers.push_back(i / columns == i % columns ? 1 : 0);
  return constant_tensor(e, numbers, {rows, columns}, *type);
}
/// new_full(x, size, number, ..).
inline result<value> new_full(emitter& e, arguments& a) {
  const tensor_data* x = a.tensor("self");
  const auto size = a.integers("size");
  const double fill = a.real("fill_value");
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_argument(a, x->type);
  if (!type) return type.error();
  return constant_tensor(e, {fill}, size, *type);
}
/// repeat_interleave(x, counts, dim): each element along an axis as often as its count says, which
/// is known when the file is loaded.
inline result<value> repeated_by_counts(emitter& e, arguments& a, const tensor_data& counts) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.none("dim") ? 0 : a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  if (a.none("dim")) {
    const auto line = reshaped(e, *x, {x->elements()});
    if (!line) return line;
    x = line->t;
  }
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  if (counts.type != scalar::s64 || !e.c.known(counts) || counts.elements() != x->size[axis])
    return unsupported("counts of " + a.name, {}, "one int64 constant for each element");
  const auto list = e.c.numbers<std::int64_t>(counts);
  if (!list) return list.error();
  std::vector<std::int64_t> index;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::int64_t n = (*list)[i];
    if (n < 0 || n > static_cast<std::int64_t>(most_made - index.size()))
      return too_large("result of " + a.name);
    index.insert(index.end(), as_size(n), static_cast<std::int64_t>(i));
  }
  if (index.empty()) return unsupported("no elements in " + a.name);
  if (auto s = e.c.build.make_constant(index.size() * sizeof(std::int64_t)); !s) return s.error();
  return as_contiguous(e, picked(e, *x, axis, index));
}
/// repeat_interleave(x, count, dim): each element so many times; without dim of all elements in
/// order.
inline result<value> repeat_interleave(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (a["repeats"].is(kind::tensor) && a["repeats"].t->elements() != 1)
    return repeated_by_counts(e, a, *a["repeats"].t);
  const std::int64_t count = a.small("repeats", a.integer("repeats"));
  if (auto s = a.check(); !s) return s.error();
  if (count < 1) return unsupported("count of " + a.name, std::to_string(count), "1 or more");
  std::int64_t dim = 0;
  if (a.none("dim")) {
    const auto line = reshaped(e, *x, {x->elements()});
    if (!line) return line;
    x = line->t;
  } else {
    dim = a.integer("dim");
  }
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t n = x->size[axis];
  if (n * count > static_cast<std::int64_t>(most_made)) return too_large("result of " + a.name);
  if (auto s = e.c.build.work.spend(sizeof(std::int64_t) * as_size(n * count)); !s)
    return s.error();
  std::vector<std::int64_t> index;
  for (std::int64_t i = 0; i < n * count; ++i) index.push_back(i / count);
  return as_contiguous(e, picked(e, *x, axis, index));
}
/// The windows of adaptive_avg_pool2d along one axis of n elements, each as long as the longest:
/// behind a shorter one stands element n, a zero.
struct adaptive_windows {
  std::vector<std::int64_t> index{};
  std::vector<double> lengths{};
  std::int64_t longest = 1, shortest = INT32_MAX;
  adaptive_windows(std::int64_t n, std::int64_t count) {
    std::vector<pool_range> all;
    for (std::int64_t o = 0; o < count; ++o) {
      all.push_back(pool_taps(static_cast<std::int32_t>(o), static_cast<std::int32_t>(count),
                              static_cast<std::int32_t>(n), 1, 1, 1, 0, 0, true));
      const std::int64_t length = all.back().counted;
      longest = std::max(longest, length), shortest = std::min(shortest, length);
      lengths.push_back(static_cast<double>(length));
    }
    if (longest * count == n) return;  // side by side: as they stand
    for (const pool_range& w : all)
      for (std::int64_t k = 0; k < longest; ++k) index.push_back(k < w.counted ? w.begin + k : n);
  }
};
/// Sums of such windows of floats, divided by their heights, then by their widths.
inline result<value> divided_twice(emitter& e, arguments& a, tensor_data& x,
                                   const std::array<adaptive_windows, 2>& axes) {
  const auto zeros = [&](std::size_t k) -> std::int64_t {
    return axes[k].shortest < axes[k].longest ? 1 : 0;
  };
  auto v = padded(e, a, x, {0, zeros(1), 0, zeros(0)}, "constant", 0);
  for (std::size_t k = 0; k < 2 && v; ++k)
    if (!axes[k].index.empty()) v = picked(e, *v->t, 2 + k, axes[k].index);
  if (!v) return v;
  const value window = e.c.values.integers({axes[0].longest, axes[1].longest});
  arguments sums(e.c, a.name,
                 {{"self", *v},
                  {"kernel_size", window},
                  {"stride", window},
                  {"padding", e.c.values.integers({0, 0})},
                  {"ceil_mode", value::of(false)},
                  {"count_include_pad", value::of(true)},
                  {"divisor_override", value::of(std::int64_t{1})}});
  v = avg_pool2d(e, sums);
  for (std::size_t k = 0; k < 2 && v; ++k) {
    const auto n = static_cast<std::int64_t>(axes[k].lengths.size());
    const auto by = constant_tensor(
        e, axes[k].lengths, k == 0 ? std::vector{n, std::int64_t{1}} : std::vector{n}, scalar::f32);
    if (!by) return by;
    v = emit_pair(e, ops::div, {v->t, by->t}, scalar::f32);
  }
  if (!v) return v;
  return with_strides(e, *v,
                      suggests_channels_last(x) ? channels_last_strides(v->t->size)
                                                : contiguous_strides(v->t->size));
}
/// Of channels_last images PyTorch divides whole vectors of channels (AVX2's) by the window's size
/// at once, and only those behind them twice.
inline result<value> divided_by_channels(emitter& e, arguments& a, tensor_data& x,
                                         const std::array<adaptive_windows, 2>& axes) {
  constexpr std::int64_t lanes = 8;
  const std::int64_t channels = x.size[1], whole = channels / lanes * lanes;
  if (whole == channels) return adaptive_avg_pool2d(e, a);
  if (whole == 0) return divided_twice(e, a, x, axes);
  const auto first = sliced(e, x, 1, 0, whole), rest = sliced(e, x, 1, whole, channels - whole);
  if (!first) return first;
  if (!rest) return rest;
  arguments of_first = a;
  of_first.replace("self", *first);
  const auto once = adaptive_avg_pool2d(e, of_first), twice = divided_twice(e, a, *rest->t, axes);
  if (!once) return once;
  if (!twice) return twice;
  arguments both(
      e.c, a.name,
      {{"tensors", e.c.values.list({*once, *twice})}, {"dim", value::of(std::int64_t{1})}});
  const auto v = cat<false, false>(e, both);
  return v ? with_strides(e, *v, channels_last_strides(v->t->size)) : v;
}
/// adaptive_avg_pool2d(x, size). PyTorch divides floats of contiguous images by a window's height
/// and then by its width: other last bits than by their product, but where one of them is 1.
inline result<value> adaptive_average(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const value size = a["output_size"];
  if (x->type != scalar::f32 || x->rank() != 4 || !size.is_sequence() || size.c->items.size() != 2)
    return adaptive_avg_pool2d(e, a);
  std::int64_t out[2];
  for (std::size_t k = 0; k < 2; ++k) {
    const value& v = size.c->items[k];
    out[k] = v.is(kind::integer) ? v.i : x->size[2 + k];
    const std::int64_t n = x->size[2 + k], most = static_cast<std::int64_t>(most_made);
    if (out[k] < 1 || n < 1 || n > most || out[k] > most) return adaptive_avg_pool2d(e, a);
  }
  if (out[0] == 1 && out[1] == 1) return adaptive_avg_pool2d(e, a);
  if (auto s = e.c.build.work.spend((sizeof(pool_range) + 3 * sizeof(double)) *
                                    as_size(out[0] + x->size[2] + out[1] + x->size[3]));
      !s)
    return s.error();
  const std::array axes{adaptive_windows(x->size[2], out[0]), adaptive_windows(x->size[3], out[1])};
  if (axes[0].longest == 1 || axes[1].longest == 1) return adaptive_avg_pool2d(e, a);
  return suggests_channels_last(*x) ? divided_by_channels(e, a, *x, axes)
                                    : divided_twice(e, a, *x, axes);
}
/// An operator of images (lines, volumes: by their rank) on one without the axis of images.
template <row_function Of, int Rank = 3> result<value> on_one_image(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(a.first());
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() != Rank) return Of(e, a);
  auto size = x->size, stride = x->stride;
  size.insert(size.begin(), 1);
  stride.insert(stride.begin(), x->size[0] * x->stride[0]);
  const auto images = viewed(e, *x, std::move(size), std::move(stride));
  if (!images) return images;
  arguments as = a;
  as.replace(a.first(), *images);
  const auto y = Of(e, as);
  if (!y) return y;
  const auto alone = [&](tensor_data& t) {
    return reshaped(e, t, {t.size.begin() + 1, t.size.end()});
  };
  if (!y->is(kind::tuple)) return alone(*y->t);
  const auto first = alone(*y->c->items[0].t);
  if (!first) return first;
  value second = y->c->items[1];
  if (second.is(kind::tensor)) {
    const auto places = alone(*second.t);
    if (!places) return places;
    second = *places;
  }
  return e.c.values.list({*first, second}, kind::tuple);
}

// ---- numbers ----

/// relu, clamp and their kind: whole numbers keep their type.
template <row_function Of> result<value> also_whole(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(a.first());
  if (auto s = a.check(); !s) return s.error();
  if (!is_whole(*x)) return Of(e, a);
  value v = value_of(*x);
  const bool relu = !a.has("min");
  for (const bool least : {true, false}) {
    const std::string_view bound = least ? "min" : "max";
    if (relu ? !least : a.none(bound)) continue;
    const value given = relu ? value::of(std::int64_t{0}) : a[bound];
    if (!given.is(kind::integer))
      return unsupported("bounds of " + a.name, std::string(name_of(given.what)),
                         "whole numbers for a tensor of such");
    const auto next =
        emit_pair(e, least ? ops::maximum : ops::minimum,
                  {v.t, number_of(e, static_cast<double>(given.i), x->type)}, x->type);
    if (!next) return next;
    v = *next;
  }
  return v;
}
/// 1 where x is above 0, -1 where it is below.
inline result<value> sign(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const scalar type = is_whole(*x) ? x->type : scalar::f32;
  const auto v = cast_to(e, *x, type);
  if (!v) return v;
  std::array<tensor_data*, 2> sides{};
  for (std::size_t k = 0; k < 2; ++k) {
    const auto is = emit_pair(e, k == 0 ? ops::greater : ops::less, {v->t, number_of(e, 0, type)},
                              scalar::boolean);
    if (!is) return is;
    const auto one = cast_to(e, *is->t, type);
    if (!one) return one;
    sides[k] = one->t;
  }
  return emit_pair(e, ops::sub, sides, type);
}
/// Where x is below 0, one value; else another.
inline step by_sign(emitter& e, const step& x, const step& below, const step& otherwise) {
  if (!x) return x;
  if (!below) return below;
  if (!otherwise) return otherwise;
  const auto negative =
      emit_pair(e, ops::less, {*x, number_of(e, 0, scalar::f32)}, scalar::boolean);
  if (!negative) return negative.error();
  return step_of(chosen(e, *negative->t, **below, **otherwise));
}
/// Rounded towards 0; whole numbers stay.
inline result<value> trunc(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (is_whole(*x)) return a["self"];
  const step v = real_value(e, *x);
  return done(by_sign(e, v, apply(e, ops::ceil, v), apply(e, ops::floor, v)));
}
/// The remainder with the sign of x, exact; of whole numbers that of their division towards 0.
inline result<value> fmod(emitter& e, arguments& a) {
  const auto both = pair_of(e, a, "self", "other", false);
  if (!both) return both.error();
  const scalar type = (*both)[0]->type;
  if (type == scalar::s64 || type == scalar::s32) {
    const auto quotient = emit_pair(e, ops::div, *both, type);  // rounded towards 0
    if (!quotient) return quotient;
    const auto whole_part = emit_pair(e, ops::mul, {quotient->t, (*both)[1]}, type);
    if (!whole_part) return whole_part;
    return emit_pair(e, ops::sub, {(*both)[0], whole_part->t}, type);
  }
  if (type != scalar::f32)
    return unsupported("operands of " + a.name, std::string(name_of(type)),
                       "float32, int64, int32");
  const step x = (*both)[0], y = (*both)[1];
  const step rest = apply(e, ops::floor_mod, apply(e, ops::abs, x), apply(e, ops::abs, y));
  return done(by_sign(e, x, apply(e, ops::neg, rest), rest));
}
/// prod(x), prod(x, dim, keepdim).
inline result<value> product_of(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const bool keep = a.boolean("keepdim");
  if (auto s = a.check(); !s) return s.error();
  const auto axes = axes_or_all(a, "dim", *x);
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_of_sum(a, *x);
  if (!type) return type.error();
  const auto from = cast_to(e, *x, *type);
  if (!from) return from;
  return reduced(e, *from->t, ops::reduce_prod, axes, keep);
}
/// lerp(x, end, weight): from the nearer end.
inline result<value> lerp(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), end = real_argument(e, a, "end");
  if (a["weight"].is(kind::tensor) && a["weight"].t->rank() > 0) {
    const step w = real_argument(e, a, "weight"), way = apply(e, ops::sub, end, x);
    if (!w) return w.error();
    const auto near =
        emit_pair(e, ops::less, {*apply(e, ops::abs, w), *number(e, 0.5)}, scalar::boolean);
    const step from_start = fused(e, x, w, way),
               from_end = fused(e, end, way, apply(e, ops::sub, w, number(e, 1)));
    if (!near) return near;
    if (!from_start) return from_start.error();
    if (!from_end) return from_end.error();
    return chosen(e, *near->t, **from_start, **from_end);
  }
  const double weight = a.real("weight");
  if (auto s = a.check(); !s) return s.error();
  const bool near = weight < 0.5;
  const auto share = static_cast<float>(weight);
  return done(fused(e, near ? x : end, apply(e, ops::sub, end, x),
                    number(e, static_cast<double>(near ? share : numerics::sub(share, 1.f)))));
}
/// tril and triu: 0 above (or below) a diagonal of the last two axes.
template <bool Lower> result<value> triangle(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t diagonal = a.small("diagonal", a.integer("diagonal"));
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() < 2 || is_quantized(x->type))
    return unsupported("input of " + a.name, std::to_string(x->rank()) + " axes",
                       "2 or more, of numbers");
  const std::int64_t rows = x->size[x->size.size() - 2], columns = x->size.back();
  if (rows * columns > static_cast<std::int64_t>(most_made)) return too_large("mask of " + a.name);
  std::vector<double> kept;
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j)
      kept.push_back((Lower ? j - i <= diagonal : j - i >= diagonal) ? 1 : 0);
  if (kept.empty()) return a["self"];
  const auto mask = constant_tensor(e, kept, {rows, columns}, scalar::boolean);
  if (!mask) return mask;
  return chosen(e, *mask->t, *x, *number_of(e, 0, x->type));
}
/// log(sum(exp(x))), of what is left of the largest.
inline result<value> logsumexp(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  const bool keep = a.boolean("keepdim");
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  const auto axes = axes_or_all(a, "dim", **x);
  if (auto s = a.check(); !s) return s.error();
  const step most = step_of(reduced(e, **x, ops::reduce_max, axes, true));
  const step sum = summed(e, apply(e, ops::exp, apply(e, ops::sub, x, most)), axes, true);
  const step y = apply(e, ops::add, apply(e, ops::log, sum), most);
  if (!y || keep) return done(y);
  std::vector<std::int64_t> left;
  for (int i = 0; i < (*x)->rank(); ++i)
    if (std::find(axes.begin(), axes.end(), i) == axes.end())
      left.push_back((*x)->size[as_size(i)]);
  return reshaped(e, **y, std::move(left));
}
/// addcmul(x, p, q, value) and addcdiv: x + value * p * q, x + value * p / q.
template <const op_def& Op> result<value> added_scaled(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), p = real_argument(e, a, "tensor1"),
             q = real_argument(e, a, "tensor2");
  const double by = a.real("value");
  if (auto s = a.check(); !s) return s.error();
  const step scaled = by == 1 ? p : apply(e, ops::mul, p, number(e, by));
  if (&Op == &ops::mul) return done(fused(e, x, scaled, q));
  return done(apply(e, ops::add, x, apply(e, Op, scaled, q)));
}
/// outer(x, y) of two lines.
inline result<value> outer(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), y = real_argument(e, a, "vec2");
  if (!x) return x.error();
  if (!y) return y.error();
  const step column = step_of(reshaped(e, **x, {(*x)->elements(), 1}));
  return done(apply(e, ops::mul, column, y));
}
inline result<value> dot(emitter& e, arguments& a) { return product_with(e, a, "tensor"); }
/// rms_norm(x, shape, weight, eps).
inline result<value> rms_norm(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "input");
  const auto shape = a.integers("normalized_shape");
  const double eps = a.real_or("eps", static_cast<double>(std::numeric_limits<float>::epsilon()));
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  const auto w = factor_argument(e, a, "weight");
  if (!w) return w.error();
  if (shape.empty() || shape.size() > (*x)->size.size() ||
      !std::equal(shape.rbegin(), shape.rend(), (*x)->size.rbegin()))
    return invalid("normalized shape of " + a.name);
  std::vector<std::int64_t> axes;
  for (std::size_t i = (*x)->size.size() - shape.size(); i < (*x)->size.size(); ++i)
    axes.push_back(static_cast<std::int64_t>(i));
  const step variance = mean_of(e, apply(e, ops::mul, x, x), axes);
  const step root = apply(e, ops::sqrt, apply(e, ops::add, variance, number(e, eps)));
  const step y = apply(e, ops::mul, x, apply(e, ops::div, number(e, 1), root));
  return done(scaled_and_shifted(e, y, *w, nullptr, shape));
}
/// hardshrink: 0 from -limit to limit; softshrink: what is beyond.
template <bool Soft> result<value> shrunk(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  const double limit = a.real("lambd");
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  const step size = apply(e, ops::abs, x);
  if (!size) return size.error();
  const auto beyond =
      emit_pair(e, ops::greater, {*size, number_of(e, limit, scalar::f32)}, scalar::boolean);
  if (!beyond) return beyond;
  step y = x;
  if (Soft)
    y = by_sign(e, x, apply(e, ops::add, x, number(e, limit)),
                apply(e, ops::sub, x, number(e, limit)));
  if (!y) return y.error();
  return chosen(e, *beyond->t, **y, *number_of(e, 0, scalar::f32));
}

/// int_repr(x): the codes as whole numbers.
inline result<value> codes(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const auto in = e.held_as_is(*x);
  if (!in) return in.error();
  const scalar type = x->type == scalar::quint8 ? scalar::u8 : scalar::s8;
  const tensor_id to = e.make(type);
  if (auto s = e.emit(ops::identity, {*in}, to); !s) return s.error();
  return e.wrap(to, type, !x->constant() && x->channels_inner, suggests_channels_last(*x));
}
/// isnan: what is not itself. isinf and isfinite: by the size.
inline result<value> isnan(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  if (!x) return x.error();
  return emit_pair(e, ops::not_equal, {*x, *x}, scalar::boolean);
}
template <const op_def& Op> result<value> by_infinity(emitter& e, arguments& a) {
  const step size = apply(e, ops::abs, real_argument(e, a, "self"));
  if (!size) return size.error();
  return emit_pair(e, Op, {*size, number_of(e, infinity, scalar::f32)}, scalar::boolean);
}
/// nan_to_num(x, nan, posinf, neginf): infinities become the largest number.
inline result<value> nan_to_num(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  constexpr double largest = std::numeric_limits<float>::max();
  const double nan = a.real_or("nan", 0), high = a.real_or("posinf", largest),
               low = a.real_or("neginf", -largest);
  if (auto s = a.check(); !s) return s.error();
  const step y = where_same(e, x, number(e, -infinity), number(e, low),
                            where_same(e, x, number(e, infinity), number(e, high), x));
  return done(where_same(e, x, x, y, number(e, nan)));
}
/// True where one of the two is.
inline result<value> logical_xor(emitter& e, arguments& a) {
  const auto both = pair_of(e, a, "self", "other", false);
  if (!both) return both.error();
  const auto x = truth_of(e, *both->front()), y = truth_of(e, *both->back());
  if (!x) return x;
  if (!y) return y;
  return emit_pair(e, ops::not_equal, {x->t, y->t}, scalar::boolean);
}
/// count_nonzero(x, dim).
inline result<value> count_nonzero(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const auto axes = axes_or_all(a, "dim", *x);
  if (auto s = a.check(); !s) return s.error();
  const auto is = emit_pair(e, ops::not_equal, {x, number_of(e, 0, x->type)}, scalar::boolean);
  if (!is) return is;
  const auto ones = cast_to(e, *is->t, scalar::s64);
  if (!ones) return ones;
  return reduced(e, *ones->t, ops::sum, axes, false);
}
/// aminmax(x, dim, keepdim): both.
inline result<value> both_extremes(emitter& e, arguments& a) {
  const auto low = reduction_of_axes<ops::reduce_min>(e, a),
             high = reduction_of_axes<ops::reduce_max>(e, a);
  if (!low) return low;
  if (!high) return high;
  return e.c.values.list({*low, *high}, kind::tuple);
}
/// x.mT: the last two axes change places; a view.
inline result<value> swapped(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  return done(with_axes_swapped(e, x));
}
/// frac(x): what trunc leaves.
inline result<value> frac(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  return done(
      apply(e, ops::sub, x, by_sign(e, x, apply(e, ops::ceil, x), apply(e, ops::floor, x))));
}
/// exp2 and tan: the last bit is not PyTorch's.
inline result<value> exp2(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  if (!x) return x.error();
  return emit_pair(e, ops::pow, {number_of(e, 2, scalar::f32), *x}, scalar::f32);
}
inline result<value> tangent(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  return done(apply(e, ops::div, apply(e, ops::sin, x), apply(e, ops::cos, x)));
}
/// Half of exp(x) as a product, which holds where exp(x) itself is too large.
inline step half_exp(emitter& e, const step& x, double sign) {
  const step root = apply(e, ops::exp, apply(e, ops::mul, x, number(e, sign / 2)));
  return apply(e, ops::mul, apply(e, ops::mul, root, number(e, 0.5)), root);
}
/// sinh and cosh: the last bits are not PyTorch's.
inline result<value> sinh(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), u = expm1_of(e, x);
  const step rest = apply(e, ops::div, u, apply(e, ops::add, u, number(e, 1)));
  const step near = apply(e, ops::mul, apply(e, ops::add, u, rest), number(e, 0.5)),
             far = apply(e, ops::sub, half_exp(e, x, 1), half_exp(e, x, -1)),
             size = apply(e, ops::abs, x);
  if (!size) return size.error();
  if (!near) return near.error();
  if (!far) return far.error();
  const auto small =
      emit_pair(e, ops::less, {*size, number_of(e, 1, scalar::f32)}, scalar::boolean);
  if (!small) return small;
  return chosen(e, *small->t, **near, **far);
}
inline result<value> cosh(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  return done(apply(e, ops::add, half_exp(e, x, 1), half_exp(e, x, -1)));
}
/// logaddexp(x, y): the larger one and log(1 + exp(-|x - y|)), equal infinities themselves.
inline result<value> logaddexp(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), y = real_argument(e, a, "other");
  const step apart = where_same(e, x, y, number(e, 0), apply(e, ops::sub, x, y));
  const step soft = apply(e, ops::softplus, apply(e, ops::neg, apply(e, ops::abs, apart)));
  return done(apply(e, ops::add, apply(e, ops::maximum, x, y), soft));
}
/// cosine_similarity(x, y, dim, eps).
inline result<value> cosine_similarity(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "x1"), y = real_argument(e, a, "x2");
  const std::int64_t dim = a.integer("dim");
  const double eps = a.real("eps");
  const step product = apply(e, ops::mul, x, y);
  if (!product) return product.error();
  const std::vector<std::int64_t> axes{static_cast<std::int64_t>(a.axis(dim, (*product)->rank()))};
  if (auto s = a.check(); !s) return s.error();
  if ((*x)->rank() != (*y)->rank()) return unsupported("ranks of the operands of " + a.name);
  const auto length = [&](const step& v) {
    const step norm = apply(e, ops::sqrt, summed(e, apply(e, ops::mul, v, v), axes, true));
    return apply(e, ops::div, v, apply(e, ops::maximum, norm, number(e, eps)));
  };
  return done(summed(e, apply(e, ops::mul, length(x), length(y)), axes, false));
}
/// pairwise_distance(x, y, p, eps, keepdim), p = 2: the norm of x - y + eps over the last axis.
inline result<value> pairwise_distance(emitter& e, arguments& a) {
  const double p = a.real("p"), eps = a.real("eps");
  const bool keep = a.boolean("keepdim");
  const step d =
      apply(e, ops::add, apply(e, ops::sub, real_argument(e, a, "x1"), real_argument(e, a, "x2")),
            number(e, eps));
  if (!d) return d.error();
  if (auto s = a.check(); !s) return s.error();
  if (p != 2 || (*d)->rank() < 1) return unsupported("p of " + a.name, std::to_string(p), "2");
  return done(apply(e, ops::sqrt, summed(e, apply(e, ops::mul, d, d), {(*d)->rank() - 1}, keep)));
}
/// cdist(x, y, p), p = 1 or 2: of each row of x to each of y. Where there are many rows PyTorch
/// takes squares apart: other last bits.
inline result<value> cdist(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "x1"), y = real_argument(e, a, "x2");
  const double p = a.real("p");
  if (!x) return x.error();
  if (!y) return y.error();
  if (auto s = a.check(); !s) return s.error();
  if ((p != 1 && p != 2) || (*x)->rank() < 2 || (*y)->rank() < 2)
    return unsupported("p of " + a.name, std::to_string(p), "1, 2, of tensors of 2 axes or more");
  auto rows = (*x)->size, columns = (*y)->size;
  rows.insert(rows.end() - 1, 1);
  columns.insert(columns.end() - 2, 1);
  const step d = apply(e, ops::sub, step_of(reshaped(e, **x, std::move(rows))),
                       step_of(reshaped(e, **y, std::move(columns))));
  if (!d) return d.error();
  const std::vector<std::int64_t> last{(*d)->rank() - 1};
  if (p == 1) return done(sum_in_order(e, apply(e, ops::abs, d), last, false));
  return done(apply(e, ops::sqrt, sum_of_squares(e, d, last, false)));
}
/// tril_indices(row, col, offset) and triu_indices: rows and columns of a triangle's elements.
template <bool Lower> result<value> triangle_indices(emitter& e, arguments& a) {
  const std::int64_t rows = a.small("row", a.integer("row")),
                     columns = a.small("col", a.integer("col")),
                     offset = a.small("offset", a.integer("offset"));
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_argument(a, scalar::s64);
  if (!type) return type.error();
  const auto most = static_cast<std::int64_t>(most_made);
  if (rows < 0 || columns < 0 || (columns > 0 && rows > most / columns))
    return too_large("a tensor made by " + a.name);
  std::vector<double> numbers, second;
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j)
      if (Lower ? j - i <= offset : j - i >= offset) {
        numbers.push_back(static_cast<double>(i));
        second.push_back(static_cast<double>(j));
      }
  const auto n = static_cast<std::int64_t>(second.size());
  if (n == 0) return unsupported("no elements in " + a.name);
  numbers.insert(numbers.end(), second.begin(), second.end());
  return constant_tensor(e, numbers, {2, n}, *type);
}
/// rrelu(x, lower, upper, training): outside of training a leaky_relu by the mean of both.
inline result<value> rrelu(emitter& e, arguments& a) {
  const double low = a.real("lower"), high = a.real("upper");
  if (a.boolean("training")) return unsupported(a.name + " in training mode");
  const step x = real_argument(e, a, "self");
  if (auto s = a.check(); !s) return s.error();
  attributes attrs;
  attrs.set("alpha", numerics::div(numerics::add(low, high), 2.));
  return done(apply(e, ops::leaky_relu, x, std::move(attrs)));
}
/// clamp(x, low, high) of tensors.
inline result<value> clamp_any(emitter& e, arguments& a) {
  const auto is_tensor = [&](std::string_view bound) {
    return a[bound].is(kind::tensor) && !(a[bound].t->rank() == 0 && e.c.known(*a[bound].t));
  };
  if (!is_tensor("min") && !is_tensor("max")) return also_whole<&clamp>(e, a);
  arguments as = a;
  for (const bool least : {true, false}) {
    const std::string_view bound = least ? "min" : "max";
    if (as.none(bound)) continue;
    const auto next =
        least ? extreme_of<ops::maximum>(e, as, bound) : extreme_of<ops::minimum>(e, as, bound);
    if (!next) return next;
    as.replace("self", *next);
  }
  return as["self"];
}
/// How many of the rising boundaries are below each element; `right`: not above it.
inline result<value> counted_boundaries(emitter& e, arguments& a, std::string_view elements,
                                        std::string_view rising) {
  step x = real_argument(e, a, elements), limits = real_argument(e, a, rising);
  const bool right = a.boolean("right");
  const scalar type = a.boolean("out_int32") ? scalar::s32 : scalar::s64;
  if (!x) return x.error();
  if (!limits) return limits.error();
  if (auto s = a.check(); !s) return s.error();
  if ((*limits)->rank() != 1)
    return unsupported("boundaries of " + a.name, std::to_string((*limits)->rank()) + " axes", "1");
  const std::int64_t n = (*limits)->size[0];
  if (!right) {  // n less those that are not below: of negative numbers, not above
    arguments turned(e.c, a.name,
                     {{"self", value_of(**limits)}, {"dims", e.c.values.integers({0})}});
    const auto falling = flip(e, turned);
    if (!falling) return falling;
    x = apply(e, ops::neg, x), limits = apply(e, ops::neg, step(falling->t));
    if (!x) return x.error();
    if (!limits) return limits.error();
  }
  const auto in = e.held_as_is(**x), at = e.held(**limits, false);
  if (!in) return in.error();
  if (!at) return at.error();
  const tensor_id to = e.make(scalar::s32);
  if (auto s = e.emit(ops::bucketize, {*in, *at}, to); !s) return s.error();
  const value count = e.wrap(to, scalar::s32, !(*x)->constant() && (*x)->channels_inner,
                             suggests_channels_last(**x));
  const auto whole = cast_to(e, *count.t, type);
  if (!whole || right) return whole;
  return emit_pair(e, ops::sub, {number_of(e, static_cast<double>(n), type), whole->t}, type);
}
/// bucketize(x, boundaries, out_int32, right) and searchsorted(boundaries, x, out_int32, right).
inline result<value> bucketize(emitter& e, arguments& a) {
  return counted_boundaries(e, a, "self", "boundaries");
}
inline result<value> searchsorted(emitter& e, arguments& a) {
  if (!a.none("sorter") || !a.none("side")) return unsupported("sorter or side of " + a.name);
  return counted_boundaries(e, a, "self", "sorted_sequence");
}
/// broadcast_tensors(list): each repeated along the axes of all.
inline result<value> broadcast_tensors(emitter& e, arguments& a) {
  const value given = a["tensors"];
  if (!given.is_sequence()) return unsupported("the list of " + a.name);
  std::vector<const tensor_data*> list;
  for (const value& v : given.c->items) {
    if (!v.is(kind::tensor)) return unsupported("an element of the list of " + a.name);
    list.push_back(v.t);
  }
  const auto size = broadcast_extents(e, list);
  if (!size) return size.error();
  std::vector<value> out;
  for (const value& v : given.c->items) {
    const auto wide = expanded(e, *v.t, *size);
    if (!wide) return wide;
    out.push_back(*wide);
  }
  return e.c.values.list(std::move(out));
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_COMPOSED_HPP_
