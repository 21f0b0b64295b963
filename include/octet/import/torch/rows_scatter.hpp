// Rows that reduce or put what comes to the same place of a tensor: scatter_add, scatter_reduce,
// index_reduce, index_put with accumulate; and parts of a tensor replaced: select_scatter and its
// kind.
#ifndef OCTET_IMPORT_TORCH_ROWS_SCATTER_HPP_
#define OCTET_IMPORT_TORCH_ROWS_SCATTER_HPP_

#include <algorithm>

#include "octet/import/torch/rows_memory.hpp"
#include "octet/import/torch/rows_windows.hpp"
#include "octet/ops/scatter.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

// ---- what comes to one place ----

/// For each element of an index of as many axes as x its place among the elements of x, in one
/// line.
inline result<value> places_in(emitter& e, const tensor_data& x, tensor_data& index,
                               std::size_t axis) {
  const auto steps = contiguous_strides(x.size);
  if (index.elements() > static_cast<std::int64_t>(most_made) || index.elements() < 1)
    return too_large("index of " + e.operator_name());
  if (auto s = e.c.build.work.spend(8 * as_size(index.elements())); !s) return s.error();
  std::vector<double> others(as_size(index.elements()));
  auto along = steps;
  const std::int64_t stride = std::exchange(along[axis], 0);
  each_place(index.size, along, 0, [&](std::int64_t i, std::int64_t place) {
    others[as_size(i)] = static_cast<double>(place);
  });
  const auto rest = constant_tensor(e, others, index.size, scalar::s64);
  if (!rest) return rest;
  const auto by = emit_pair(
      e, ops::mul, {&index, number_of(e, static_cast<double>(stride), scalar::s64)}, scalar::s64);
  if (!by) return by;
  const auto place = emit_pair(e, ops::add, {by->t, rest->t}, scalar::s64);
  if (!place) return place;
  return reshaped(e, *place->t, {index.elements()});
}
/// 0, 1, ... n - 1.
inline result<value> counted(emitter& e, std::int64_t n) {
  if (n > static_cast<std::int64_t>(most_made)) return too_large("a tensor that is written into");
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < n; ++i) numbers.push_back(static_cast<double>(i));
  return constant_tensor(e, numbers, {n}, scalar::s64);
}
/// One node: elements of a line reduced by their places among `n`.
inline result<value> by_place(emitter& e, tensor_data& line, tensor_data& place, std::int64_t n,
                              segment_reduction how) {
  const auto in = e.held(line, false), at = e.held(place, false);
  if (!in) return in.error();
  if (!at) return at.error();
  attributes attrs;
  attrs.set("segments", n), attrs.set("reduction", static_cast<std::int64_t>(how));
  const tensor_id to = e.make(line.type);
  if (auto s = e.emit(ops::segment_reduce, {*in, *at}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, line.type, false, false);
}
/// A mean over places: sums through their numbers of elements, whole numbers rounded down.
inline result<value> mean_by_place(emitter& e, const value& sums, tensor_data& place,
                                   std::int64_t n) {
  const scalar type = sums.t->type;
  const auto ones = constant_tensor(e, {1}, place.size, type);
  if (!ones) return ones;
  const auto count = by_place(e, *ones->t, place, n, segment_reduction::sum);
  if (!count) return count;
  const auto some = emit_pair(e, ops::maximum, {count->t, number_of(e, 1, type)}, type);
  if (!some) return some;
  return emit_pair(e, type == scalar::f32 ? ops::div : ops::floor_div, {sums.t, some->t}, type);
}
struct gathering {
  segment_reduction how = segment_reduction::sum;
  bool mean = false, with_self = true;
};
/// x with what of `source`, one line, comes to the places of its elements, in order behind those of
/// x, as PyTorch's loops have it.
inline result<value> gathered_in(emitter& e, tensor_data& x, tensor_data& source,
                                 tensor_data& place, const gathering& g) {
  const std::int64_t n = x.elements();
  const auto line = reshaped(e, x, {n});
  if (!line) return line;
  result<value> what = value_of(source), at = value_of(place);
  if (g.with_self) {
    const auto own = counted(e, n);
    if (!own) return own;
    what = side_by_side(e, *line->t, {*line, *what}, 0);
    at = side_by_side(e, *own->t, {*own, *at}, 0);
    if (!what) return what;
    if (!at) return at;
  }
  auto y = by_place(e, *what->t, *at->t, n, g.how);
  if (y && g.mean) y = mean_by_place(e, *y, *at->t, n);
  if (!y) return y;
  if (!g.with_self) {  // what nothing comes to stays
    const auto ones = constant_tensor(e, {1}, place.size, scalar::s64);
    if (!ones) return ones;
    const auto count = by_place(e, *ones->t, place, n, segment_reduction::sum);
    if (!count) return count;
    const auto any =
        emit_pair(e, ops::greater, {count->t, number_of(e, 0, scalar::s64)}, scalar::boolean);
    if (!any) return any;
    y = chosen(e, *any->t, *y->t, *line->t);
    if (!y) return y;
  }
  return reshaped(e, *y->t, x.size);
}
/// Of scatter_add and scatter_reduce: index and source along an axis, cut to the index.
inline result<value> scattered_in(emitter& e, arguments& a, const gathering& g) {
  tensor_data *x = a.tensor("self"), *index = a.tensor("index"), *source = a.tensor("src");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  e.take_as_indices(*index);
  if (index->type != scalar::s64 || index->rank() != x->rank() || x->rank() == 0 ||
      source->type != x->type || is_quantized(x->type) || source->rank() != x->rank())
    return unsupported("operands of " + a.name, std::string(name_of(source->type)),
                       "an int64 index and numbers of one type");
  value v = value_of(*source);
  for (std::size_t k = 0; k < index->size.size(); ++k) {
    if (v.t->size[k] < index->size[k] || (k != axis && index->size[k] > x->size[k]))
      return invalid("extents of the index of " + a.name);
    if (v.t->size[k] == index->size[k]) continue;
    const auto cut = sliced(e, *v.t, k, 0, index->size[k]);
    if (!cut) return cut;
    v = *cut;
  }
  const auto place = places_in(e, *x, *index, axis);
  if (!place) return place;
  const auto line = reshaped(e, *v.t, {index->elements()});
  if (!line) return line;
  return gathered_in(e, *x, *line->t, *place->t, g);
}
/// index_add(x, dim, index, source, alpha), as scatter_add where the data decides the places.
inline result<value> index_add_anywhere(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *index = a.tensor("index"), *source = a.tensor("source");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  if (e.c.known(*index)) return index_add(e, a);
  const std::size_t axis = a.axis(dim, x->rank());
  const double alpha = a.real("alpha");
  if (auto s = a.check(); !s) return s.error();
  e.take_as_indices(*index);
  if (index->type != scalar::s64 || index->rank() != 1 || source->rank() != x->rank() ||
      source->type != x->type || is_quantized(x->type) || (alpha != 1 && x->type != scalar::f32))
    return unsupported("operands of " + a.name, std::string(name_of(source->type)),
                       "an int64 index and numbers of one type, whole ones with alpha 1");
  for (std::size_t k = 0; k < x->size.size(); ++k)
    if (source->size[k] != (k == axis ? index->size[0] : x->size[k]))
      return invalid("extents of the source of " + a.name);
  if (alpha != 1) {
    const auto scaled = emit_pair(e, ops::mul, {source, number_of(e, alpha, x->type)}, x->type);
    if (!scaled) return scaled;
    source = scaled->t;
  }
  std::vector<std::int64_t> along(x->size.size(), 1);
  along[axis] = index->size[0];
  auto wide = reshaped(e, *index, std::move(along));
  if (wide) wide = expanded(e, *wide->t, source->size);
  if (!wide) return wide;
  const auto place = places_in(e, *x, *wide->t, axis);
  if (!place) return place;
  const auto line = reshaped(e, *source, {source->elements()});
  if (!line) return line;
  return gathered_in(e, *x, *line->t, *place->t, {});
}
/// scatter_add(x, dim, index, src).
inline result<value> scatter_add(emitter& e, arguments& a) { return scattered_in(e, a, {}); }
/// What a reduction is called.
inline result<gathering> gathering_argument(arguments& a) {
  const value name = a["reduce"];
  const std::string text = name.is(kind::string) ? name.c->text : std::string();
  gathering g;
  g.with_self = a.boolean("include_self");
  if (auto s = a.check(); !s) return s.error();
  if (text == "sum") return g;
  g.mean = text == "mean";
  if (text == "prod") g.how = segment_reduction::product;
  if (text == "amax") g.how = segment_reduction::most;
  if (text == "amin") g.how = segment_reduction::least;
  if (g.mean || g.how != segment_reduction::sum) return g;
  return invalid("reduce of " + a.name, text, "sum, prod, mean, amax, amin");
}
/// scatter_reduce(x, dim, index, src, reduce, include_self).
inline result<value> scatter_reduce(emitter& e, arguments& a) {
  const auto g = gathering_argument(a);
  if (!g) return g.error();
  return scattered_in(e, a, *g);
}
/// index_reduce(x, dim, index, source, reduce, include_self): whole slices by an index of one axis.
inline result<value> index_reduce(emitter& e, arguments& a) {
  const auto g = gathering_argument(a);
  if (!g) return g.error();
  tensor_data *index = a.tensor("index"), *source = a.tensor("source");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, source->rank());
  if (auto s = a.check(); !s) return s.error();
  if (index->rank() != 1 || index->size[0] != source->size[axis])
    return invalid("index of " + a.name);
  std::vector<std::int64_t> line(source->size.size(), 1);
  line[axis] = index->size[0];
  e.take_as_indices(*index);
  const auto column = reshaped(e, *index, std::move(line));
  if (!column) return column;
  const auto wide = expanded(e, *column->t, source->size);
  if (!wide) return wide;
  arguments as(
      e.c, a.name,
      {{"self", a["self"]}, {"dim", a["dim"]}, {"index", *wide}, {"src", value_of(*source)}});
  return scattered_in(e, as, *g);
}
/// index_put(x, positions, values, accumulate=True): added one after the other.
inline result<value> index_put_added(emitter& e, tensor_data& x, const value_list& list,
                                     tensor_data& values) {
  if (values.type != x.type || is_quantized(x.type))
    return unsupported("values of " + e.operator_name(), std::string(name_of(values.type)),
                       std::string(name_of(x.type)));
  const auto p = places_of(e, x, list);
  if (!p) return p.error();
  if (p->place.empty()) return value_of(x);
  const auto wide = expanded(e, values, p->size);
  if (!wide) return wide;
  const auto count = static_cast<std::int64_t>(p->place.size());
  const auto line = reshaped(e, *wide->t, {count});
  if (!line) return line;
  std::vector<double> numbers(p->place.begin(), p->place.end());
  const auto place = constant_tensor(e, numbers, {count}, scalar::s64);
  if (!place) return place;
  return gathered_in(e, x, *line->t, *place->t, {});
}
inline result<value> index_put_of(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *values = a.tensor("values");
  const value indices = a["indices"];
  if (!a.boolean("accumulate")) return index_put(e, a);
  if (auto s = a.check(); !s) return s.error();
  if (!indices.is_sequence() || indices.c->items.size() > x->size.size())
    return invalid("positions of " + a.name);
  bool any = false;
  for (const value& v : indices.c->items) {
    if (v.is(kind::none)) continue;
    if (!v.is(kind::tensor) || v.t->type == scalar::boolean)
      return unsupported("positions of " + a.name, "a mask", "indices");
    any = true;
  }
  if (!any) return invalid("positions of " + a.name, "none");
  return index_put_added(e, *x, indices.c->items, *values);
}

// ---- parts replaced ----

/// x with the elements at these steps, from `first` on, replaced by those of `what`.
inline result<value> with_part(emitter& e, tensor_data& x, tensor_data& what,
                               const std::vector<std::int64_t>& steps, std::int64_t first) {
  if (x.elements() > longest_write) return too_large("a tensor that is written into");
  if (auto s = e.c.build.work.spend(8 * as_size(x.elements())); !s) return s.error();
  const auto v = values_like(e, what, x);
  if (!v) return v;
  element_sources from(as_size(x.elements()), -1);
  each_place(what.size, steps, first,
             [&](std::int64_t i, std::int64_t place) { from[as_size(place)] = i; });
  return as_contiguous(e, overwritten(e, x, *v->t, from));
}
/// select_scatter(x, src, dim, index).
inline result<value> select_scatter(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *what = a.tensor("src");
  const std::int64_t dim = a.integer("dim"), index = a.integer("index");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t n = x->size[axis], at = index < 0 ? index + n : index;
  auto size = x->size, steps = contiguous_strides(x->size);
  const std::int64_t stride = steps[axis];
  size.erase(size.begin() + static_cast<std::ptrdiff_t>(axis));
  steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(axis));
  if (at < 0 || at >= n || what->size != size) return invalid("operands of " + a.name);
  return with_part(e, *x, *what, steps, at * stride);
}
/// slice_scatter(x, src, dim, start, end, step).
inline result<value> slice_scatter(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *what = a.tensor("src");
  const std::int64_t dim = a.integer("dim"), by = a.integer("step");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  const std::int64_t n = x->size[axis];
  const auto bound = [&](std::string_view name, std::int64_t otherwise) {
    const std::int64_t v = a.none(name) ? otherwise : a.integer(name);
    return std::clamp<std::int64_t>(v < 0 ? v + n : v, 0, n);
  };
  const std::int64_t begin = bound("start", 0), end = bound("end", n);
  if (auto s = a.check(); !s) return s.error();
  if (by < 1) return invalid("step of " + a.name, std::to_string(by));
  auto size = x->size, steps = contiguous_strides(x->size);
  size[axis] = begin < end ? (end - begin - 1) / by + 1 : 0;
  if (what->size != size) return invalid("operands of " + a.name);
  const std::int64_t first = begin * steps[axis];
  steps[axis] *= std::min(by, n);
  return with_part(e, *x, *what, steps, first);
}
/// take(x, index): elements by their places among all.
inline result<value> take(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *index = a.tensor("index");
  if (auto s = a.check(); !s) return s.error();
  const auto line = reshaped(e, *x, {x->elements()});
  if (!line) return line;
  return as_contiguous(e, gathered(e, *line->t, *index, 0));
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_SCATTER_HPP_
