// Rows that write into a tensor's memory: copy_, fill_, index_put and their kind; and what a write
// leaves of the other tensors that share the memory (sharing.hpp).
#ifndef OCTET_IMPORT_TORCH_ROWS_MEMORY_HPP_
#define OCTET_IMPORT_TORCH_ROWS_MEMORY_HPP_

#include <algorithm>

#include "octet/import/torch/rows_index.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

/// Elements between the first and the last of what a write covers, for which places are kept.
inline constexpr std::int64_t longest_write = std::int64_t{1} << 24;

// ---- which element comes from where ----

/// For each element of a tensor, in logical order, the element of what is written that it becomes;
/// -1: it stays.
using element_sources = std::vector<std::int64_t>;

/// f(number, place) of each element in logical order, of extents that hold any.
inline void each_place(const std::vector<std::int64_t>& size,
                       const std::vector<std::int64_t>& stride, std::int64_t first, const auto& f) {
  std::int64_t count = 1, place = first;
  for (const std::int64_t n : size) count *= n;
  std::vector<std::int64_t> at(size.size(), 0);
  for (std::int64_t i = 0; i < count; ++i) {
    f(i, place);
    for (std::size_t k = size.size(); k-- > 0;) {
      if (size[k] == 1) continue;  // its stride may be any number in a file
      place += stride[k];
      if (++at[k] < size[k]) break;
      place -= stride[k] * size[k];
      at[k] = 0;
    }
  }
}
/// Of each element of `t` the one that the write gives it.
inline result<element_sources> sources_of(emitter& e, const tensor_data& t, const memory_write& w) {
  std::int64_t reach = 0;
  for (std::size_t k = 0; k < w.size.size(); ++k) {
    if (w.stride[k] < 0 || w.stride[k] > longest_write) return too_large("a write in place");
    reach += std::max<std::int64_t>(w.size[k] - 1, 0) * w.stride[k];
    if (reach > longest_write) return too_large("a write in place");
  }
  if (t.elements() > longest_write) return too_large("a tensor that is written into");
  const std::size_t written = as_size(w.what->elements()), shown = as_size(t.elements());
  if (auto s = e.c.build.work.spend(8 * (as_size(reach) + written + shown)); !s) return s.error();
  std::vector<std::int64_t> by_place(as_size(reach) + 1, -1);
  each_place(w.size, w.stride, 0,
             [&](std::int64_t i, std::int64_t place) { by_place[as_size(place)] = i; });
  element_sources from(shown, -1);
  each_place(t.size, t.stride, t.offset - w.offset, [&](std::int64_t i, std::int64_t place) {
    if (place >= 0 && place <= reach) from[as_size(i)] = by_place[as_size(place)];
  });
  return from;
}
/// A range [begin, end) of each axis.
struct box {
  std::vector<std::int64_t> begin, end;
  bool whole(const tensor_data& t, std::size_t axis) const {
    return begin[axis] == 0 && end[axis] == t.size[axis];
  }
};
/// The box of `t` that `count` elements written fill in their own order; nothing where they do not.
inline std::optional<box> box_of(const tensor_data& t, const element_sources& from,
                                 std::int64_t count) {
  box b{t.size, std::vector<std::int64_t>(t.size.size(), 0)};
  std::int64_t next = 0;
  bool in_order = true;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i] < 0) continue;
    in_order &= from[i] == next++;
    auto rest = static_cast<std::int64_t>(i);
    for (std::size_t k = t.size.size(); k-- > 0;) {
      const std::int64_t at = rest % t.size[k];
      rest /= t.size[k];
      b.begin[k] = std::min(b.begin[k], at), b.end[k] = std::max(b.end[k], at + 1);
    }
  }
  std::int64_t volume = 1;
  for (std::size_t k = 0; k < t.size.size(); ++k) volume *= b.end[k] - b.begin[k];
  if (!in_order || next != count || volume != count) return {};
  return b;
}

// ---- nodes ----

/// Values of one kind along an axis, of the kind of `t`, and in its layout.
inline result<value> side_by_side(emitter& e, const tensor_data& t, const std::vector<value>& parts,
                                  std::size_t axis) {
  const bool inner = !t.constant() && t.channels_inner;
  std::vector<tensor_id> ids;
  for (const value& v : parts) {
    const auto id = e.held(*v.t, inner);
    if (!id) return id.error();
    ids.push_back(*id);
  }
  const tensor_id to = e.make_like(t);
  attributes attrs;
  attrs.set("axis", std::int64_t{axis_in_layout(static_cast<int>(axis), t.rank(), inner)});
  if (auto s = e.emit(ops::concat, std::move(ids), to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, t.type, inner && t.rank() >= 3, false);
}
/// `t` with a box of it replaced: what lies before and behind it along each axis stays.
inline result<value> with_box(emitter& e, tensor_data& t, tensor_data& what, const box& b) {
  std::vector<std::int64_t> size;
  for (std::size_t k = 0; k < t.size.size(); ++k) size.push_back(b.end[k] - b.begin[k]);
  auto v = reshaped(e, what, std::move(size));
  for (std::size_t axis = t.size.size(); v && axis-- > 0;) {
    if (b.whole(t, axis)) continue;
    std::vector<value> parts;
    const auto stays = [&](std::int64_t begin, std::int64_t end) -> status {
      if (begin == end) return unit{};
      auto piece = sliced(e, t, axis, begin, end - begin);
      for (std::size_t k = 0; piece && k < axis; ++k)
        if (!b.whole(t, k)) piece = sliced(e, *piece->t, k, b.begin[k], b.end[k] - b.begin[k]);
      if (!piece) return piece.error();
      parts.push_back(*piece);
      return unit{};
    };
    if (auto s = stays(0, b.begin[axis]); !s) return s.error();
    parts.push_back(*v);
    if (auto s = stays(b.end[axis], t.size[axis]); !s) return s.error();
    v = side_by_side(e, t, parts, axis);
  }
  return v;
}
/// Elements of both in any order: a place in `t` or, behind its elements, in what is written.
inline result<value> with_elements(emitter& e, tensor_data& t, tensor_data& what,
                                   element_sources from) {
  if (from.size() > most_made) return too_large("a tensor that is written into");
  const auto own = static_cast<std::int64_t>(from.size());
  for (std::int64_t i = 0; i < own; ++i)
    from[as_size(i)] = from[as_size(i)] < 0 ? i : own + from[as_size(i)];
  const auto line = reshaped(e, t, {own}), more = reshaped(e, what, {what.elements()});
  if (!line) return line;
  if (!more) return more;
  const auto both = side_by_side(e, *line->t, {*line, *more}, 0);
  if (!both) return both;
  if (auto s = e.c.build.make_constant(from.size() * sizeof(std::int64_t)); !s) return s.error();
  const auto chosen_ones = picked(e, *both->t, 0, from);
  if (!chosen_ones) return chosen_ones;
  return reshaped(e, *chosen_ones->t, t.size);
}
/// `t` with elements of `what` in their places. Codes are written as they are.
inline result<value> overwritten(emitter& e, tensor_data& t, tensor_data& what,
                                 const element_sources& from) {
  if (std::all_of(from.begin(), from.end(), [](std::int64_t i) { return i < 0; }))
    return value_of(t);
  value v = value_of(what);
  if (what.scales != t.scales || what.zero_points != t.zero_points) {
    const auto in = e.held_as_is(what);
    if (!in) return in.error();
    const tensor_id to = e.make_like(t);
    if (auto s = e.emit(ops::identity, {*in}, to); !s) return s.error();
    v = e.wrap(to, t.type, !what.constant() && what.channels_inner, false);
  }
  if (const auto b = box_of(t, from, what.elements())) return with_box(e, t, *v.t, *b);
  return with_elements(e, t, *v.t, from);
}
/// What a write into the memory of `t` leaves of it.
inline result<value> written(emitter& e, tensor_data& t, const memory_write& w) {
  const auto from = sources_of(e, t, w);
  if (!from) return from.error();
  return overwritten(e, t, *w.what, *from);
}

// ---- whole tensors ----

/// A number as values of x: converted, of codes quantized.
inline result<value> number_like(emitter& e, double number, tensor_data& x) {
  if (is_quantized(x.type)) {
    if (auto s = e.per_tensor(x); !s) return s.error();
    return code_of(e, number, x);
  }
  return cast_to(e, *number_of(e, number, x.type), x.type);
}
/// What x holds after y was copied into it, in y's shape. Codes come with their quantization.
inline result<value> values_like(emitter& e, tensor_data& y, const tensor_data& x) {
  if (is_quantized(y.type)) {
    if (y.type == x.type) return value_of(y);
    return unsupported("a copy by " + e.operator_name(),
                       std::string(name_of(y.type)) + " to " + std::string(name_of(x.type)),
                       "dequantize() before it");
  }
  if (!is_quantized(x.type)) return cast_to(e, y, x.type);
  if (auto s = e.per_tensor(x); !s) return s.error();
  if (y.type != scalar::f32)
    return unsupported("a copy by " + e.operator_name() + " to codes", std::string(name_of(y.type)),
                       "float32");
  const auto in = e.held_as_is(y);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  if (auto s = e.emit(ops::quantize, {*in}, to); !s) return s.error();
  return e.wrap(to, x.type, !y.constant() && y.channels_inner, false);
}
/// In the shape of x; a value of its own, whatever happens to what it is made of.
inline result<value> filling(emitter& e, const result<value>& v, const tensor_data& x) {
  if (!v) return v;
  const auto wide = v->t->size == x.size ? v : expanded(e, *v->t, x.size);
  if (!wide) return wide;
  return e.c.values.tensor(*wide->t);
}
/// copy_(x, y), fill_(x, number) and fill_(x, y).
inline result<value> put_all(emitter& e, arguments& a, std::string_view what) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const value given = a[what];
  if (given.is(kind::tensor)) return filling(e, values_like(e, *given.t, *x), *x);
  const double number = given.is(kind::boolean) ? (given.b ? 1 : 0) : a.real(what);
  if (auto s = a.check(); !s) return s.error();
  return filling(e, number_like(e, number, *x), *x);
}
inline result<value> copy_into(emitter& e, arguments& a) { return put_all(e, a, "src"); }
inline result<value> fill(emitter& e, arguments& a) { return put_all(e, a, "value"); }
inline result<value> zero(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  return filling(e, number_like(e, 0, *x), *x);
}

// ---- positions ----

/// The elements of an index that is known when the file is loaded, along an axis of extent n.
inline result<std::vector<std::int64_t>> known_index(emitter& e, const tensor_data& t,
                                                     std::int64_t n) {
  if (!e.c.known(t))
    return unsupported("an index of " + e.operator_name(), "computed from the input's data",
                       "a constant, or a mask");
  std::vector<std::int64_t> list;
  if (t.type == scalar::s32) {
    const auto v = e.c.numbers<std::int32_t>(t);
    if (!v) return v.error();
    list.assign(v->begin(), v->end());
  } else {
    auto v = e.c.numbers<std::int64_t>(t);
    if (!v) return v.error();
    list = std::move(*v);
  }
  for (std::int64_t& i : list) {
    if (i < -n || i >= n)
      return invalid("index of " + e.operator_name(), std::to_string(i), std::to_string(n));
    if (i < 0) i += n;
  }
  return list;
}
/// Positions by index tensors of some axes, which broadcast: their axes take the place of those of
/// x that are indexed where these are neighbours, and come first where they are not.
struct indexed_places {
  std::vector<std::int64_t> size;   // of what is selected
  std::vector<std::int64_t> place;  // in x, of each element selected
};
inline result<std::vector<std::int64_t>> broadcast_extents(
    const emitter& e, const std::vector<const tensor_data*>& list) {
  std::vector<std::int64_t> size;
  for (const tensor_data* t : list)
    if (t->size.size() > size.size()) size.insert(size.begin(), t->size.size() - size.size(), 1);
  for (const tensor_data* t : list)
    for (std::size_t k = 0; k < t->size.size(); ++k) {
      std::int64_t& n = size[size.size() - t->size.size() + k];
      if (n != t->size[k] && n != 1 && t->size[k] != 1)
        return invalid("indices of " + e.operator_name() + " that do not broadcast");
      n = std::max(n, t->size[k]);
    }
  return size;
}
inline result<indexed_places> places_of(emitter& e, const tensor_data& x, const value_list& list) {
  std::vector<const tensor_data*> tensors;
  std::vector<std::size_t> axes;
  for (std::size_t i = 0; i < list.size(); ++i)
    if (list[i].is(kind::tensor)) tensors.push_back(list[i].t), axes.push_back(i);
  const auto by = broadcast_extents(e, tensors);
  if (!by) return by.error();
  const auto steps = contiguous_strides(x.size);
  const bool neighbours = axes.back() - axes.front() + 1 == axes.size();
  const std::size_t front = neighbours ? axes.front() : 0;
  indexed_places p;
  std::vector<std::int64_t> stride;  // in x, of each axis of what is selected
  for (std::size_t i = 0; i < x.size.size(); ++i)
    if (std::find(axes.begin(), axes.end(), i) == axes.end())
      p.size.push_back(x.size[i]), stride.push_back(steps[i]);
  p.size.insert(p.size.begin() + static_cast<std::ptrdiff_t>(front), by->begin(), by->end());
  stride.insert(stride.begin() + static_cast<std::ptrdiff_t>(front), by->size(), 0);
  if (const auto shape = e.ir_shape(p.size, false); !shape) return shape.error();
  std::int64_t count = 1;
  for (const std::int64_t n : p.size) count *= n;
  if (count > longest_write) return too_large("positions of " + e.operator_name());
  if (auto s = e.c.build.work.spend(8 * as_size(count) * (1 + axes.size())); !s) return s.error();
  p.place.resize(as_size(count));
  each_place(p.size, stride, 0, [&](std::int64_t i, std::int64_t at) { p.place[as_size(i)] = at; });
  for (std::size_t k = 0; k < axes.size(); ++k) {
    const auto index = known_index(e, *tensors[k], x.size[axes[k]]);
    if (!index) return index.error();
    std::vector<std::int64_t> along(p.size.size(), 0);  // places of its elements in the list
    const auto own = contiguous_strides(tensors[k]->size);
    for (std::size_t d = 0; d < own.size(); ++d)
      if (tensors[k]->size[d] != 1) along[front + by->size() - own.size() + d] = own[d];
    each_place(p.size, along, 0, [&](std::int64_t i, std::int64_t at) {
      p.place[as_size(i)] += (*index)[as_size(at)] * steps[axes[k]];
    });
  }
  return p;
}
inline result<value> put_by_data(emitter& e, tensor_data& x, const value_list& list,
                                 tensor_data& values);
/// x[indices] = values, of indices that are known: of those that come twice the last one counts.
inline result<value> put_at(emitter& e, tensor_data& x, const value_list& list,
                            tensor_data& values) {
  for (const value& i : list)
    if (i.is(kind::tensor) && !e.c.known(*i.t)) return put_by_data(e, x, list, values);
  const auto p = places_of(e, x, list);
  if (!p) return p.error();
  auto v = values_like(e, values, x);
  if (v && v->t->size != p->size) v = expanded(e, *v->t, p->size);
  if (!v) return v;
  if (x.elements() > longest_write) return too_large("a tensor that is written into");
  element_sources from(as_size(x.elements()), -1);
  for (std::size_t i = 0; i < p->place.size(); ++i)
    from[as_size(p->place[i])] = static_cast<std::int64_t>(i);
  const auto y = overwritten(e, x, *v->t, from);
  if (!y || x.constant()) return y;
  return with_strides(e, *y, iterated_strides(x.size, {x.stride}));
}
/// Of each axis that is indexed its places, and the index of each position.
struct indexed_axes {
  std::vector<value> places, lines;
};
/// x after one write for each position: `values` has the positions along the axis `front`, `one`
/// are the extents of what one of them writes.
inline result<value> put_one_by_one(emitter& e, tensor_data& x, const indexed_axes& axes,
                                    tensor_data& values, std::size_t front,
                                    const std::vector<std::int64_t>& one) {
  value y = value_of(x);
  for (std::int64_t i = 0; i < values.size[front]; ++i) {
    result<value> is = value{};
    for (std::size_t k = 0; k < axes.lines.size(); ++k) {
      const auto at = sliced(e, *axes.lines[k].t, 0, i, 1);
      if (!at) return at;
      const auto here = emit_pair(e, ops::equal, {axes.places[k].t, at->t}, scalar::boolean);
      if (!here) return here;
      is = k == 0 ? here : emit_pair(e, ops::logical_and, {is->t, here->t}, scalar::boolean);
      if (!is) return is;
    }
    const auto piece = sliced(e, values, front, i, 1);
    if (!piece) return piece;
    const auto v = reshaped(e, *piece->t, one);
    if (!v) return v;
    const auto next = chosen(e, *is->t, *v->t, *y.t);
    if (!next) return next;
    y = *next;
  }
  if (x.constant()) return y;
  return with_strides(e, y, iterated_strides(x.size, {x.stride}));
}
/// An index of axes of x as places of none but of n: negative ones count from the end.
inline result<value> counted_from_front(emitter& e, tensor_data& index, std::int64_t n) {
  const auto below =
      emit_pair(e, ops::less, {&index, number_of(e, 0, scalar::s64)}, scalar::boolean);
  if (!below) return below;
  const auto moved = emit_pair(
      e, ops::add, {&index, number_of(e, static_cast<double>(n), scalar::s64)}, scalar::s64);
  if (!moved) return moved;
  return chosen(e, *below->t, *moved->t, index);
}
/// The places of one axis as a value that broadcasts along the others.
inline result<value> places_along(emitter& e, const tensor_data& x, std::size_t axis) {
  if (x.size[axis] > static_cast<std::int64_t>(most_made))
    return too_large("an axis that is written into");
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < x.size[axis]; ++i) numbers.push_back(static_cast<double>(i));
  std::vector<std::int64_t> line(x.size.size(), 1);
  line[axis] = x.size[axis];
  return constant_tensor(e, numbers, line, scalar::s64);
}
/// x[indices] = values where the input's data decides an index: position after position, x becomes
/// the value wherever all indices name the element. The last of those that come twice counts.
inline result<value> put_by_data(emitter& e, tensor_data& x, const value_list& list,
                                 tensor_data& values) {
  std::vector<const tensor_data*> tensors;
  std::vector<std::size_t> axes;
  for (std::size_t i = 0; i < list.size(); ++i)
    if (list[i].is(kind::tensor)) tensors.push_back(list[i].t), axes.push_back(i);
  const auto by = broadcast_extents(e, tensors);
  if (!by) return by.error();
  std::int64_t count = 1;
  for (const std::int64_t n : *by) count *= std::min<std::int64_t>(n, 65);
  if (count < 1 || count > 64)
    return unsupported("an index of " + e.operator_name(), "computed from the input's data",
                       "up to 64 positions, or a constant, or a mask");
  const bool neighbours = axes.back() - axes.front() + 1 == axes.size();
  const std::size_t front = neighbours ? axes.front() : 0;
  std::vector<std::int64_t> selected, one;  // extents of all that is selected, of one position's
  for (std::size_t i = 0; i < x.size.size(); ++i) {
    const bool indexed = std::find(axes.begin(), axes.end(), i) != axes.end();
    one.push_back(indexed ? 1 : x.size[i]);
    if (!indexed) selected.push_back(x.size[i]);
  }
  auto flat = selected;
  selected.insert(selected.begin() + static_cast<std::ptrdiff_t>(front), by->begin(), by->end());
  flat.insert(flat.begin() + static_cast<std::ptrdiff_t>(front), count);
  auto v = values_like(e, values, x);
  if (v && v->t->size != selected) v = expanded(e, *v->t, selected);
  if (v) v = reshaped(e, *v->t, flat);
  if (!v) return v;
  std::vector<value> places, lines;
  for (std::size_t k = 0; k < axes.size(); ++k) {
    const auto wide = cast_to(e, *list[axes[k]].t, scalar::s64);
    if (!wide) return wide;
    const auto all = expanded(e, *wide->t, *by);
    if (!all) return all;
    const auto from_front = counted_from_front(e, *all->t, x.size[axes[k]]);
    if (!from_front) return from_front;
    const auto line = reshaped(e, *from_front->t, {count});
    if (!line) return line;
    const auto along = places_along(e, x, axes[k]);
    if (!along) return along;
    lines.push_back(*line), places.push_back(*along);
  }
  return put_one_by_one(e, x, {std::move(places), std::move(lines)}, *v->t, front, one);
}
/// index_put(x, [mask], values): x[mask] = values, where the values' number does not depend on the
/// mask: one, or what each position of the mask selects.
inline result<value> put_by_mask(emitter& e, arguments& a, tensor_data* x, std::size_t first,
                                 tensor_data* mask, tensor_data* values) {
  const std::size_t axes = mask->size.size(), behind = first + axes;
  if (axes == 0 || behind > x->size.size() ||
      !std::equal(mask->size.begin(), mask->size.end(),
                  x->size.begin() + static_cast<std::ptrdiff_t>(first)))
    return invalid("extents of a mask", std::to_string(mask->rank()) + " axes",
                   "those of the axes of the tensor");
  if (values->elements() != 1 && (first != 0 || values->size.size() > x->size.size() - axes))
    return unsupported("values of " + a.name, "as many as the mask has true elements",
                       "one, or one for each element that a position of the mask selects");
  std::vector<std::int64_t> size(first, 1);
  size.insert(size.end(), mask->size.begin(), mask->size.end());
  size.resize(x->size.size(), 1);
  const auto wide = reshaped(e, *mask, std::move(size));
  if (!wide) return wide;
  result<value> given = value_of(*values);
  if (values->elements() == 1) given = reshaped(e, *values, {});
  if (!given) return given;
  if (is_quantized(x->type) && !is_quantized(values->type)) {
    if (auto s = e.per_tensor(*x); !s) return s.error();
    double number = 0;
    const auto known = e.c.scalar_of(*values);
    if (!known || !read_number(*known, number))
      return unsupported("values of " + a.name + " for a quantized tensor", {},
                         "one number that is known when the file is loaded");
    given = code_of(e, number, *x);
  } else if (given->t->type != x->type) {
    given = cast_to(e, *given->t, x->type);
  }
  if (!given) return given;
  const auto v = chosen(e, *wide->t, *given->t, *x);
  if (!v || x->constant()) return v;
  return with_strides(e, *v, iterated_strides(x->size, {x->stride}));
}
/// index_put(x, positions, values): x[positions] = values.
inline result<value> index_put(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *values = a.tensor("values");
  const bool accumulate = a.boolean("accumulate");
  if (auto s = a.check(); !s) return s.error();
  const value indices = a["indices"];
  if (!indices.is_sequence()) return unsupported("positions of " + a.name);
  if (accumulate) return unsupported("sums at positions in " + a.name);
  const value_list& list = indices.c->items;
  std::size_t masks = 0, tensors = 0, first = 0;
  for (std::size_t i = list.size(); i-- > 0;) {
    if (list[i].is(kind::none)) continue;
    if (!list[i].is(kind::tensor)) return unsupported("positions of " + a.name);
    const bool mask = list[i].t->type == scalar::boolean;
    if (!mask) e.take_as_indices(*list[i].t);
    ++tensors, masks += mask ? 1 : 0, first = i;
  }
  if (tensors == 0 || (masks == 0 && list.size() > x->size.size()))
    return unsupported("positions of " + a.name, std::to_string(tensors) + " tensors",
                       "indices of the axes, or a mask");
  if (masks == 0) return put_at(e, *x, list, *values);
  if (tensors > 1)
    return unsupported("positions of " + a.name, std::to_string(tensors) + " tensors",
                       "a mask alone, or indices");
  return put_by_mask(e, a, x, first, list[first].t, values);
}
/// The list of positions that an index along one axis is.
inline result<value_list> along_axis(arguments& a, const tensor_data& x, tensor_data& index) {
  const std::size_t axis = a.axis(a.integer("dim"), x.rank());
  if (auto s = a.check(); !s) return s.error();
  value_list list(axis, value{});
  list.push_back(value_of(index));
  return list;
}
/// index_fill(x, dim, index, number) and index_copy(x, dim, index, y).
template <bool Fill> result<value> index_set(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *index = a.tensor("index");
  if (auto s = a.check(); !s) return s.error();
  const auto list = along_axis(a, *x, *index);
  if (!list) return list.error();
  if (!Fill) {
    tensor_data* source = a.tensor("source");
    if (auto s = a.check(); !s) return s.error();
    return put_at(e, *x, *list, *source);
  }
  const value given = a["value"];
  if (given.is(kind::tensor)) return put_at(e, *x, *list, *given.t);
  const double number = a.real("value");
  if (auto s = a.check(); !s) return s.error();
  const auto v = number_like(e, number, *x);
  if (!v) return v;
  return put_at(e, *x, *list, *v->t);
}
/// Elements of `index` along the axis, and where in x they put what is in their place: of an index
/// that is known.
inline result<element_sources> scattered(emitter& e, const tensor_data& x, const tensor_data& index,
                                         std::size_t axis) {
  if (x.elements() > longest_write || index.elements() > longest_write)
    return too_large("a tensor that is written into");
  const auto list = known_index(e, index, x.size[axis]);
  if (!list) return list.error();
  auto steps = contiguous_strides(x.size);
  const std::int64_t along = std::exchange(steps[axis], 0);
  if (auto s = e.c.build.work.spend(8 * as_size(x.elements() + index.elements())); !s)
    return s.error();
  element_sources from(as_size(x.elements()), -1);
  each_place(index.size, steps, 0, [&](std::int64_t i, std::int64_t place) {
    from[as_size(place + (*list)[as_size(i)] * along)] = i;
  });
  return from;
}
/// The same where the input's data decides: slice after slice of the index, x becomes what stands
/// in its place wherever it names the element.
inline result<value> scattered_by_data(emitter& e, tensor_data& x, tensor_data& index,
                                       tensor_data& what, std::size_t axis) {
  auto rest = x.size;
  rest[axis] = index.size[axis];
  if (rest != index.size || index.size[axis] > 64)
    return unsupported("an index of " + e.operator_name(), "computed from the input's data",
                       "the extents of the tensor but for the axis, along which it has up to 64");
  const auto places = places_along(e, x, axis);
  if (!places) return places;
  value y = value_of(x);
  for (std::int64_t k = 0; k < index.size[axis]; ++k) {
    const auto at = sliced(e, index, axis, k, 1), v = sliced(e, what, axis, k, 1);
    if (!at) return at;
    if (!v) return v;
    const auto is = emit_pair(e, ops::equal, {places->t, at->t}, scalar::boolean);
    if (!is) return is;
    const auto next = chosen(e, *is->t, *v->t, *y.t);
    if (!next) return next;
    y = *next;
  }
  return y;
}
/// scatter(x, dim, index, values) and scatter(x, dim, index, number).
inline result<value> scatter(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *index = a.tensor("index");
  const std::int64_t dim = a.integer("dim");
  const value given = a["src"];
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  const double number = given.is(kind::tensor) ? 0 : a.real("src");
  if (auto s = a.check(); !s) return s.error();
  if (!a.none("reduce")) return unsupported("reduce of " + a.name);
  e.take_as_indices(*index);
  if (index->type != scalar::s64 || index->rank() != x->rank())
    return unsupported("index of " + a.name, std::string(name_of(index->type)),
                       "int64 of as many axes as the tensor");
  auto v = given.is(kind::tensor) ? values_like(e, *given.t, *x) : number_like(e, number, *x);
  if (v && !given.is(kind::tensor)) v = expanded(e, *v->t, index->size);
  for (std::size_t k = 0; v && k < index->size.size(); ++k) {
    if (v->t->rank() != index->rank() || v->t->size[k] < index->size[k] ||
        (k != axis && index->size[k] > x->size[k]))
      return invalid("extents of the index of " + a.name);
    if (v->t->size[k] != index->size[k]) v = sliced(e, *v->t, k, 0, index->size[k]);
  }
  if (!v) return v;
  if (!e.c.known(*index)) return scattered_by_data(e, *x, *index, *v->t, axis);
  const auto from = scattered(e, *x, *index, axis);
  if (!from) return from.error();
  return overwritten(e, *x, *v->t, *from);
}
/// index_add(x, dim, index, source, alpha): slice after slice.
inline result<value> index_add(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *index = a.tensor("index"), *source = a.tensor("source");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  const double alpha = a.real("alpha");
  if (auto s = a.check(); !s) return s.error();
  const auto list = known_index(e, *index, x->size[axis]);
  if (!list) return list.error();
  if ((alpha != 1 && x->type != scalar::f32) || x->type != source->type || is_quantized(x->type) ||
      list->size() > 1024 || source->rank() != x->rank() ||
      source->size[axis] != static_cast<std::int64_t>(list->size()))
    return unsupported("operands of " + a.name, {}, "numbers of one type, whole ones with alpha 1");
  if (alpha != 1) {
    const auto scaled = emit_pair(e, ops::mul, {source, number_of(e, alpha, x->type)}, x->type);
    if (!scaled) return scaled;
    source = scaled->t;
  }
  value y = value_of(*x);
  for (std::size_t k = 0; k < list->size(); ++k) {
    const auto old = sliced(e, *y.t, axis, (*list)[k], 1),
               more = sliced(e, *source, axis, static_cast<std::int64_t>(k), 1);
    if (!old) return old;
    if (!more) return more;
    const auto sum = emit_pair(e, ops::add, {old->t, more->t}, x->type);
    if (!sum) return sum;
    box b{std::vector<std::int64_t>(x->size.size(), 0), x->size};
    b.begin[axis] = (*list)[k], b.end[axis] = (*list)[k] + 1;
    const auto next = with_box(e, *y.t, *sum->t, b);
    if (!next) return next;
    y = *next;
  }
  return y;
}
/// masked_scatter(x, mask, source): elements of the source in order, where the mask is true.
inline result<value> masked_scatter(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *mask = a.tensor("mask"), *source = a.tensor("source");
  if (auto s = a.check(); !s) return s.error();
  if (mask->type != scalar::boolean || source->type != x->type || source->elements() < 1)
    return unsupported("mask or source of " + a.name, std::string(name_of(mask->type)),
                       "a mask of bools, a source of the tensor's type");
  const auto wide = filling(e, value_of(*mask), *x);
  if (!wide) return wide;
  const auto line = reshaped(e, *wide->t, {x->elements()});
  if (!line) return line;
  const auto ones = cast_to(e, *line->t, scalar::s64);
  if (!ones) return ones;
  const auto in = e.held(*ones->t, false);
  if (!in) return in.error();
  const tensor_id sums = e.make(scalar::s64);
  attributes attrs;
  attrs.set("axis", std::int64_t{0});
  if (auto s = e.emit(ops::cumsum, {*in}, sums, std::move(attrs)); !s) return s.error();
  // The first true element takes element 0; what is before it is not looked at.
  const value counted = e.wrap(sums, scalar::s64, false, false);
  const auto of = [&](std::int64_t v) { return number_of(e, static_cast<double>(v), scalar::s64); };
  const auto place = emit_pair(e, ops::sub, {counted.t, of(1)}, scalar::s64);
  if (!place) return place;
  const auto low = emit_pair(e, ops::maximum, {place->t, of(0)}, scalar::s64);
  if (!low) return low;
  const auto at = emit_pair(e, ops::minimum, {low->t, of(source->elements() - 1)}, scalar::s64);
  if (!at) return at;
  const auto all = reshaped(e, *source, {source->elements()});
  if (!all) return all;
  const auto taken = gathered(e, *all->t, *at->t, 0);
  if (!taken) return taken;
  const auto in_shape = reshaped(e, *taken->t, x->size);
  if (!in_shape) return in_shape;
  const auto v = chosen(e, *wide->t, *in_shape->t, *x);
  if (!v || x->constant()) return v;
  return with_strides(e, *v, iterated_strides(x->size, {x->stride}));
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_MEMORY_HPP_
