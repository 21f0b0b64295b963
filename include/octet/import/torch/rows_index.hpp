// Rows that build, repeat, reorder and search tensors: stack, expand, flip, index, pixel_shuffle,
// max, topk, zeros, arange, meshgrid.
#ifndef OCTET_IMPORT_TORCH_ROWS_INDEX_HPP_
#define OCTET_IMPORT_TORCH_ROWS_INDEX_HPP_

#include <algorithm>

#include "octet/import/torch/rows_shape.hpp"
#include "octet/import/torch/scalars.hpp"
#include "octet/ops/reduce.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

/// Logical axes as attribute of a node on the value in that layout.
inline std::vector<std::int64_t> axes_in_layout(const tensor_data& x,
                                                const std::vector<std::int64_t>& axes, bool inner) {
  std::vector<std::int64_t> r;
  for (std::int64_t a : axes) r.push_back(axis_in_layout(static_cast<int>(a), x.rank(), inner));
  return r;
}
/// Axes of x, none negative.
inline std::vector<std::int64_t> axes_argument(arguments& a, std::string_view parameter,
                                               const tensor_data& x) {
  std::vector<std::int64_t> r;
  for (std::int64_t d : a.integers(parameter)) {
    const std::size_t axis = a.axis(d, std::max(x.rank(), 1));
    if (x.rank() != 0) r.push_back(static_cast<std::int64_t>(axis));
  }
  return r;
}
/// One node of data movement on `x` in the layout it has.
inline result<value> moved_node(emitter& e, tensor_data& x, const op_def& op, attributes attrs) {
  const auto in = e.held_as_is(x);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  if (auto s = e.emit(op, {*in}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, x.type, !x.constant() && x.channels_inner, suggests_channels_last(x));
}

/// Elements of a tensor that a program makes of nothing.
inline constexpr std::size_t most_made = std::size_t{1} << 22;
/// A constant of the file's making: `count` elements of one type from numbers.
inline result<value> constant_tensor(emitter& e, const std::vector<double>& numbers,
                                     const std::vector<std::int64_t>& size, scalar type) {
  if (type == scalar::f16) {
    const auto real = constant_tensor(e, numbers, size, scalar::f32);
    return real ? e.as_halves(*real->t) : real;
  }
  const auto shape = e.ir_shape(size, false);
  if (!shape) return shape.error();
  const auto count = as_size(shape->elements().value);
  if (count > most_made) return too_large("a tensor made by " + e.operator_name());
  if (auto s = e.c.build.work.spend(count); !s) return s.error();
  const auto make = [&]<class T>(T) {
    std::vector<T> v(count);
    for (std::size_t i = 0; i < count; ++i)
      v[i] = static_cast<T>(numbers.size() == 1 ? numbers[0] : numbers[i]);
    return e.g.add_constant("", dtype_of_scalar(type), *shape,
                            constant_data::of(std::span<const T>(v)));
  };
  tensor_id id = no_tensor;
  switch (type) {
    case scalar::f32: id = make(float{}); break;
    case scalar::s64: id = make(std::int64_t{}); break;
    case scalar::s32: id = make(std::int32_t{}); break;
    case scalar::u8:
    case scalar::boolean: id = make(std::uint8_t{}); break;
    case scalar::s8:
    case scalar::s16:
    case scalar::f16:
    case scalar::f64:
    case scalar::qint8:
    case scalar::quint8:
    case scalar::qint32:
    case scalar::bf16:
    case scalar::quint4x2:
    case scalar::unknown:
      return unsupported("element type of " + e.operator_name(), std::string(name_of(type)),
                         "float32, float16, int64, int32, uint8, bool");
  }
  return e.wrap(id, type, false, false);
}
// ---- repeat, reorder ----

/// Tensors along a new axis: joined along the one that has its place, which is then split; PyTorch
/// does the same, and the result's strides tell.
inline result<value> stack(emitter& e, arguments& a) {
  const auto list = tensors_of(a);
  if (!list) return list.error();
  const int rank = list->front()->rank();
  const std::size_t dim = a.axis(a.integer("dim"), rank + 1);
  if (auto s = a.check(); !s) return s.error();
  const bool at_end = dim == as_size(rank);
  std::vector<value> parts;
  for (tensor_data* t : *list) {
    if (t->size != list->front()->size) return invalid("extents in the list of " + a.name);
    auto size = t->size, stride = t->stride;
    size.push_back(1), stride.push_back(1);
    const auto v = at_end ? viewed(e, *t, std::move(size), std::move(stride)) : value_of(*t);
    if (!v) return v;
    parts.push_back(*v);
  }
  arguments as(e.c, a.name,
               {{"tensors", e.c.values.list(std::move(parts))},
                {"dim", value::of(static_cast<std::int64_t>(dim))}});
  const auto joined = cat<false, false>(e, as);
  if (!joined || at_end) return joined;
  auto size = list->front()->size;
  size.insert(size.begin() + static_cast<std::ptrdiff_t>(dim),
              static_cast<std::int64_t>(list->size()));
  return reshaped(e, *joined->t, std::move(size));
}
/// x with axes of extent 1 in front, so that it has `rank` of them.
inline result<value> with_rank(emitter& e, tensor_data& x, std::size_t rank) {
  if (x.size.size() >= rank) return value_of(x);
  auto size = x.size;
  size.insert(size.begin(), rank - size.size(), 1);
  return reshaped(e, x, std::move(size));
}
/// Axes of extent 1 repeated; -1 keeps an extent. The result's strides are 0 there.
inline result<value> expanded(emitter& e, tensor_data& x, std::vector<std::int64_t> size) {
  if (size.size() < x.size.size() || size.size() > as_size(dims::max_rank))
    return invalid("extents of " + e.operator_name(), std::to_string(size.size()) + " axes",
                   "at least " + std::to_string(x.rank()));
  const auto wide = with_rank(e, x, size.size());
  if (!wide) return wide;
  tensor_data& w = *wide->t;
  for (std::size_t i = 0; i < size.size(); ++i)
    if (size[i] == -1) size[i] = w.size[i];
  if (size == w.size) return *wide;
  if (const auto shape = e.ir_shape(size, false); !shape) return shape.error();
  const auto in = e.held(w, false);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  attributes attrs;
  attrs.set("shape", size);
  if (auto s = e.emit(ops::broadcast_to, {*in}, to, std::move(attrs)); !s) return s.error();
  auto stride = w.stride;
  for (std::size_t i = 0; i < size.size(); ++i)
    if (size[i] != w.size[i]) stride[i] = 0;
  return as_view(with_strides(e, e.wrap(to, x.type, false, false), std::move(stride)), x);
}
inline result<value> expand(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  auto size = a.integers("size");
  if (auto s = a.check(); !s) return s.error();
  return expanded(e, *x, std::move(size));
}
inline result<value> expand_as(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *like = a.tensor("other");
  if (auto s = a.check(); !s) return s.error();
  return expanded(e, *x, like->size);
}
/// repeat(x, counts), tile(x, counts), of which tile takes fewer counts than axes.
template <bool Tile> result<value> repeat(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  auto counts = a.integers(Tile ? "dims" : "repeats");
  if (auto s = a.check(); !s) return s.error();
  if (counts.size() > as_size(dims::max_rank))
    return invalid("counts of " + a.name, std::to_string(counts.size()));
  if (!Tile && counts.size() < x->size.size())
    return invalid("counts of " + a.name, std::to_string(counts.size()),
                   "one for each of " + std::to_string(x->rank()) + " axes");
  if (counts.size() < x->size.size())
    counts.insert(counts.begin(), x->size.size() - counts.size(), 1);
  const auto wide = with_rank(e, *x, counts.size());
  if (!wide) return wide;
  const auto in = e.held(*wide->t, false);
  if (!in) return in.error();
  const tensor_id to = e.make_like(*x);
  attributes attrs;
  attrs.set("multiples", counts);
  if (auto s = e.emit(ops::tile, {*in}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, x->type, false, false);
}
inline result<value> flip(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const auto axes = axes_argument(a, "dims", *x);
  if (auto s = a.check(); !s) return s.error();
  attributes attrs;
  attrs.set("axes", axes_in_layout(*x, axes, !x->constant() && x->channels_inner));
  if (axes.empty()) return a["self"];
  return moved_node(e, *x, ops::reverse, std::move(attrs));
}
/// roll(x, shifts, dims); without dims over all elements in order.
inline result<value> roll(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const auto shifts = a.integers("shifts");
  if (auto s = a.check(); !s) return s.error();
  auto axes = axes_argument(a, "dims", *x);
  if (auto s = a.check(); !s) return s.error();
  value v = a["self"];
  const bool flat = axes.empty();
  if (flat) {
    const auto line = reshaped(e, *x, {x->elements()});
    if (!line) return line;
    v = *line;
    axes = {0};
  }
  if (shifts.size() != axes.size())
    return invalid("shifts of " + a.name, std::to_string(shifts.size()),
                   std::to_string(axes.size()));
  for (std::size_t k = 0; k < axes.size(); ++k) {
    const auto axis = as_size(axes[k]);
    const std::int64_t n = v.t->size[axis];
    if (n == 0 || shifts[k] % n == 0) continue;
    const std::int64_t by = (shifts[k] % n + n) % n;
    if (auto s = e.c.build.work.spend(sizeof(std::int64_t) * as_size(n)); !s) return s.error();
    std::vector<std::int64_t> index;
    for (std::int64_t i = 0; i < n; ++i) index.push_back((i + n - by) % n);
    const auto turned = picked(e, *v.t, axis, index);
    if (!turned) return turned;
    v = *turned;
  }
  return flat ? reshaped(e, *v.t, x->size) : v;
}
inline result<value> unbind(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  if (x->size[axis] > 4096) return too_large("pieces of " + a.name);
  std::vector<value> out;
  for (std::int64_t i = 0; i < x->size[axis]; ++i) {
    arguments one(e.c, a.name,
                  {{"self", a["self"]},
                   {"dim", value::of(static_cast<std::int64_t>(axis))},
                   {"index", value::of(i)}});
    const auto piece = select(e, one);
    if (!piece) return piece;
    out.push_back(*piece);
  }
  return e.c.values.list(std::move(out));
}
inline result<value> narrow(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim"), start = a.integer("start"),
                     length = a.integer("length");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t n = x->size[axis], from = start < 0 ? start + n : start;
  if (from < 0 || from > n || length < 0 || length > n - from)
    return invalid("range of " + a.name, std::to_string(start) + ", " + std::to_string(length));
  return sliced(e, *x, axis, from, length);
}
/// unflatten(x, dim, sizes).
inline result<value> unflatten(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim");
  auto sizes = a.integers("sizes");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  std::int64_t known = 1;
  for (std::int64_t v : sizes)
    if (v > 0 && known <= INT32_MAX) known *= std::min<std::int64_t>(v, INT32_MAX);
  for (std::int64_t& v : sizes)
    if (v == -1) v = x->size[axis] / known;
  auto size = x->size;
  size.erase(size.begin() + static_cast<std::ptrdiff_t>(axis));
  size.insert(size.begin() + static_cast<std::ptrdiff_t>(axis), sizes.begin(), sizes.end());
  return reshaped(e, *x, std::move(size));
}
/// Channels as blocks of pixels: the block's place is inside the channel.
inline result<value> pixel_shuffle(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int32_t b = a.small("upscale_factor", a.integer("upscale_factor"));
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() != 4 || b < 1)
    return unsupported("input of " + a.name, std::to_string(x->rank()) + " axes", "4");
  const auto in = e.held(*x, true);
  if (!in) return in.error();
  const tensor_id to = e.make_like(*x);
  attributes attrs;
  attrs.set("block_size", std::int64_t{b});
  attrs.set("crd", std::int64_t{1});
  if (auto s = e.emit(ops::depth_to_space, {*in}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, x->type, true, !is_quantized(x->type) && suggests_channels_last(*x));
}
/// The inverse: [N, C, H*b, W*b] seen as [N, C, H, b, W, b].
inline result<value> pixel_unshuffle(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t b = a.small("downscale_factor", a.integer("downscale_factor"));
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() != 4 || b < 1 || x->size[2] % b != 0 || x->size[3] % b != 0)
    return unsupported("input of " + a.name, std::to_string(x->rank()) + " axes",
                       "4, height and width multiples of the factor");
  const std::int64_t n = x->size[0], c = x->size[1], h = x->size[2] / b, w = x->size[3] / b;
  const bool last = !is_quantized(x->type) && suggests_channels_last(*x);
  const auto blocks = reshaped(e, *x, {n, c, h, b, w, b});
  if (!blocks) return blocks;
  const auto in = e.held(*blocks->t, false);
  if (!in) return in.error();
  const tensor_id moved = e.make_like(*x), to = e.make_like(*x);
  if (auto s = e.transpose(*in, moved, {0, 1, 3, 5, 2, 4}); !s) return s.error();
  if (auto s = e.reshape(moved, to, {n, c * b * b, h, w}); !s) return s.error();
  return e.wrap(to, x->type, false, last);
}

// ---- pick by index ----

/// Rows of `axis` by an index tensor, whose axes take the axis's place; contiguous.
inline result<value> gathered(emitter& e, tensor_data& x, tensor_data& index, std::size_t axis) {
  e.take_as_indices(index);
  if (index.type != scalar::s64 && index.type != scalar::s32)
    return unsupported("index of " + e.operator_name(), std::string(name_of(index.type)),
                       "int32, int64");
  const bool inner = index.rank() == 1 && !x.constant() && x.channels_inner;
  const auto in = e.held(x, inner), at = e.held(index, false);
  if (!in) return in.error();
  if (!at) return at.error();
  const tensor_id to = e.make_like(x);
  attributes attrs;
  attrs.set("axis", std::int64_t{axis_in_layout(static_cast<int>(axis), x.rank(), inner)});
  if (auto s = e.emit(ops::gather, {*in, *at}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, x.type, inner, false);
}
/// The same by x[:, index], whose result PyTorch's iterator lays out; of codes only the format is
/// kept.
inline result<value> indexed(emitter& e, tensor_data& x, tensor_data& index, std::size_t axis) {
  const auto v = gathered(e, x, index, axis);
  if (!v) return v;
  const auto place = static_cast<std::ptrdiff_t>(axis);
  std::vector<std::int64_t> from = x.stride, by(v->t->size.size(), 0);
  from.erase(from.begin() + place);
  from.insert(from.begin() + place, index.size.size(), 0);
  const auto steps = contiguous_strides(index.size);
  std::copy(steps.begin(), steps.end(), by.begin() + place);
  const value laid_out = with_strides(e, *v, iterated_strides(v->t->size, {from, by}));
  if (!is_quantized(x.type)) return laid_out;
  return with_strides(e, laid_out,
                      suggests_channels_last(*laid_out.t) ? channels_last_strides(laid_out.t->size)
                                                          : contiguous_strides(laid_out.t->size));
}
inline result<value> index_select(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *index = a.tensor("index");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  if (index->rank() == 0) {
    const auto line = reshaped(e, *index, {1});
    if (!line) return line;
    index = line->t;
  }
  return gathered(e, *x, *index, axis);
}
/// The broadcast indices of neighbouring axes, from `first` on, as one index of those axes'
/// elements in a row: negative ones count from the end of their axis.
inline result<value> joint_index(emitter& e, const tensor_data& x, const std::vector<value>& list,
                                 std::size_t first, std::size_t behind) {
  tensor_data* all = nullptr;
  for (std::size_t axis = first; axis < behind; ++axis) {
    tensor_data& given = *list[axis].t;
    e.take_as_indices(given);
    if (given.type != scalar::s64 && given.type != scalar::s32)
      return unsupported("index of " + e.operator_name(), std::string(name_of(given.type)),
                         "int32, int64");
    const auto wide = cast_to(e, given, scalar::s64);
    if (!wide) return wide;
    const auto of = [&](std::int64_t v) {
      return number_of(e, static_cast<double>(v), scalar::s64);
    };
    const auto below = emit_pair(e, ops::less, {wide->t, of(0)}, scalar::boolean);
    if (!below) return below;
    const auto wrapped = emit_pair(e, ops::add, {wide->t, of(x.size[axis])}, scalar::s64);
    if (!wrapped) return wrapped;
    auto next = chosen(e, *below->t, *wrapped->t, *wide->t);
    if (!next) return next;
    if (all) {
      const auto rows = emit_pair(e, ops::mul, {all, of(x.size[axis])}, scalar::s64);
      if (!rows) return rows;
      next = emit_pair(e, ops::add, {rows->t, next->t}, scalar::s64);
      if (!next) return next;
    }
    all = next->t;
  }
  return value_of(*all);
}
/// The places of the true elements of a mask of one axis that is known when the file is loaded.
inline result<value> places_of_true(emitter& e, const tensor_data& mask) {
  const auto bits = e.c.numbers<std::uint8_t>(mask);
  if (!bits) return bits.error();
  std::vector<double> places;
  for (std::size_t i = 0; i < bits->size(); ++i)
    if ((*bits)[i] != 0) places.push_back(static_cast<double>(i));
  if (places.empty()) return unsupported("a mask that is false everywhere in " + e.operator_name());
  return constant_tensor(e, places, {static_cast<std::int64_t>(places.size())}, scalar::s64);
}
/// x with the axes that are indexed in front, where they are not neighbours: PyTorch puts the axes
/// of the indices there.
inline result<value> indexed_in_front(emitter& e, tensor_data& x, value_list& list) {
  std::vector<std::int64_t> order;
  value_list moved;
  for (const bool with_index : {true, false})
    for (std::size_t i = 0; i < x.size.size(); ++i)
      if ((i < list.size() && list[i].is(kind::tensor)) == with_index) {
        order.push_back(static_cast<std::int64_t>(i));
        if (with_index) moved.push_back(list[i]);
      }
  list = std::move(moved);
  return permuted(e, x, order);
}
/// index(x, [index or none for each axis]): x[:, index], x[a, b].
inline result<value> index(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const value indices = a["indices"];
  if (!indices.is_sequence()) return unsupported("indices of " + a.name);
  value_list list = indices.c->items;
  if (list.size() > x->size.size()) return invalid("indices of " + a.name);
  std::vector<std::size_t> axes;
  for (std::size_t i = 0; i < list.size(); ++i)
    if (!list[i].is(kind::none)) axes.push_back(i);
  for (const std::size_t i : axes)
    if (list[i].is(kind::tensor) && list[i].t->type == scalar::boolean && list[i].t->rank() == 1 &&
        e.c.known(*list[i].t)) {
      if (list[i].t->size[0] != x->size[i]) return invalid("extents of a mask in " + a.name);
      const auto places = places_of_true(e, *list[i].t);
      if (!places) return places;
      list[i] = *places;
    }
  if (!axes.empty() && axes.back() - axes.front() + 1 != axes.size()) {
    const auto front = indexed_in_front(e, *x, list);
    if (!front) return front;
    x = front->t;
  }
  std::size_t at = list.size(), behind = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i].is(kind::none)) continue;
    if (!list[i].is(kind::tensor)) return unsupported("indices of " + a.name);
    if (list[i].t->type == scalar::boolean)
      return unsupported("a mask as index of " + a.name,
                         "as many results as the mask has true elements",
                         "indices, whose number is known when the file is loaded; torch.where and "
                         "x[mask] = v keep the shape");
    at = std::min(at, i), behind = i + 1;
  }
  if (behind == 0) return a["self"];
  if (behind - at == 1) return indexed(e, *x, *list[at].t, at);
  const auto index = joint_index(e, *x, list, at, behind);
  if (!index) return index;
  auto size = x->size;
  std::int64_t joined = 1;
  for (std::size_t i = at; i < behind; ++i) joined *= size[i];
  size.erase(size.begin() + static_cast<std::ptrdiff_t>(at) + 1,
             size.begin() + static_cast<std::ptrdiff_t>(behind));
  size[at] = joined;
  const auto flat = reshaped(e, *x, std::move(size));
  if (!flat) return flat;
  return indexed(e, *flat->t, *index->t, at);
}
/// embedding(weight, indices, ..).
inline result<value> embedding(emitter& e, arguments& a) {
  tensor_data *weight = a.tensor("weight"), *indices = a.tensor("indices");
  if (auto s = a.check(); !s) return s.error();
  if (weight->rank() != 2) return invalid("rank of the weights of " + a.name);
  return gathered(e, *weight, *indices, 0);
}

// ---- search ----

/// One reduction of codes or numbers over axes.
inline result<value> reduced(emitter& e, tensor_data& x, const op_def& op,
                             const std::vector<std::int64_t>& axes, bool keep,
                             attributes attrs = {}) {
  if (is_quantized(x.type))
    if (auto s = e.per_tensor(x); !s) return s.error();
  if (x.rank() == 0) return value_of(x);
  // Sums of floats depend on the order of the memory, wherever octet holds the channels.
  const bool sums = &op == &ops::sum && x.type == scalar::f32,
             inner = (x.rank() == 3 && lies_channels_inner(x)) ||
                     (sums && x.rank() >= 4 ? suggests_channels_last(x)
                                            : !x.constant() && x.channels_inner);
  const auto in = e.held(x, inner);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  attrs.set("axes", axes_in_layout(x, axes, inner));
  attrs.set("keep_dims", std::int64_t{1});
  if (auto s = e.emit(op, {*in}, to, std::move(attrs), {.framework = e.facts_of(x, inner)}); !s)
    return s.error();
  const value all = e.wrap(to, x.type, inner, false);
  if (keep) return all;
  std::vector<std::int64_t> left;
  for (int i = 0; i < x.rank(); ++i)
    if (std::find(axes.begin(), axes.end(), i) == axes.end()) left.push_back(x.size[as_size(i)]);
  return reshaped(e, *all.t, std::move(left));
}
/// All axes where none is given.
inline std::vector<std::int64_t> axes_or_all(arguments& a, std::string_view parameter,
                                             const tensor_data& x) {
  std::vector<std::int64_t> axes;
  if (!a.none(parameter)) axes = axes_argument(a, parameter, x);
  if (axes.empty())
    for (int k = 0; k < x.rank(); ++k) axes.push_back(k);
  return axes;
}
/// amax, amin, any, all: (x, dim, keepdim).
template <const op_def& Op> result<value> reduction_of_axes(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const bool keep = a.boolean("keepdim");
  if (auto s = a.check(); !s) return s.error();
  const auto axes = axes_or_all(a, "dim", *x);
  if (auto s = a.check(); !s) return s.error();
  return reduced(e, *x, Op, axes, keep);
}
/// Index of the largest (or smallest) along an axis; without one, of all elements in order.
template <const op_def& Op> result<value> arg_extreme(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const bool keep = a.boolean("keepdim"), flat = a.none("dim");
  const std::int64_t dim = flat ? 0 : a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  value v = a["self"];
  if (flat) {
    const auto line = reshaped(e, *x, {x->elements()});
    if (!line) return line;
    v = *line;
  }
  const std::size_t axis = a.axis(dim, v.t->rank());
  if (auto s = a.check(); !s) return s.error();
  const auto in = e.held(*v.t, false);
  if (!in) return in.error();
  const tensor_id to = e.make(scalar::s64);
  attributes attrs;
  attrs.set("axis", static_cast<std::int64_t>(axis));
  if (keep && !flat) attrs.set("keep_dims", std::int64_t{1});
  if (auto s = e.emit(Op, {*in}, to, std::move(attrs)); !s) return s.error();
  const value found = e.wrap(to, scalar::s64, false, false);
  if (!keep || !flat) return found;
  return reshaped(e, *found.t, std::vector<std::int64_t>(x->size.size(), 1));
}
/// max(x), max(x, dim, keepdim) with the indices, max(x, other); min likewise.
template <const op_def& Two, const op_def& Over, const op_def& Arg>
result<value> largest(emitter& e, arguments& a) {
  if (a["dim"].is(kind::tensor)) return extreme_of<Two>(e, a, "dim");
  tensor_data* x = a.tensor("self");
  const bool keep = a.boolean("keepdim"), all = a.none("dim");
  if (auto s = a.check(); !s) return s.error();
  const auto axes = axes_or_all(a, "dim", *x);
  if (auto s = a.check(); !s) return s.error();
  const auto values = reduced(e, *x, Over, axes, keep && !all);
  if (!values || all) return values;
  const auto indices = arg_extreme<Arg>(e, a);
  if (!indices) return indices;
  return e.c.values.list({*values, *indices}, kind::tuple);
}
/// The k largest (or smallest) along an axis and their indices.
inline result<value> best(emitter& e, tensor_data& x, std::size_t axis, const topk_attrs& how) {
  if (is_quantized(x.type))
    if (auto s = e.per_tensor(x); !s) return s.error();
  std::vector<std::int64_t> order;
  for (int i = 0; i < x.rank(); ++i) order.push_back(i);
  std::swap(order[axis], order.back());
  const auto turned = permuted(e, x, order);
  if (!turned) return turned;
  const auto in = e.held(*turned->t, false);
  if (!in) return in.error();
  const tensor_id values = e.make_like(x), indices = e.make(scalar::s64);
  attributes attrs;
  attrs.set("k", std::int64_t{how.k});
  if (how.smallest) attrs.set("smallest", std::int64_t{1});
  attrs.set("order", static_cast<std::int64_t>(how.order));
  if (auto s = e.c.build.emit(ops::topk, {*in}, {values, indices}, std::move(attrs)); !s)
    return s.error();
  const value v = e.wrap(values, x.type, false, false),
              i = e.wrap(indices, scalar::s64, false, false);
  const auto p = permuted(e, *v.t, order), q = permuted(e, *i.t, order);
  if (!p) return p;
  if (!q) return q;
  return e.c.values.list({*p, *q}, kind::tuple);
}
/// topk(x, k, dim, largest, sorted).
inline result<value> topk(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t k = a.integer("k"), dim = a.integer("dim");
  const bool smallest = !a.boolean("largest"), in_order = a.boolean("sorted");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  return best(
      e, *x, axis,
      {saturated(k), smallest, in_order ? topk_order::selected : topk_order::selected_unsorted});
}
/// sort(x, dim, descending), sort(x, stable, dim, descending).
inline result<value> sort(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim");
  const bool descending = a.boolean("descending"),
             stable = !a.none("stable") && a.boolean("stable");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const auto both = best(
      e, *x, axis,
      {saturated(x->size[axis]), !descending, stable ? topk_order::stable : topk_order::introsort});
  if (!both) return both;
  for (const value& v : both->c->items) with_strides(e, v, iterated_strides(x->size, {x->stride}));
  return a.name == "aten::sort" ? *both : both->c->items[1];
}
/// msort(x): the values of sort along the first axis.
inline result<value> msort(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() == 0) return value_of(*x);
  const auto both = best(e, *x, 0, {saturated(x->size[0]), true, topk_order::introsort});
  if (!both) return both;
  return both->c->items[0];
}
/// The k-th smallest along an axis, counted from 1. Which of equal elements is meant PyTorch's
/// selection decides: the places are unknown.
inline result<value> kth_smallest(emitter& e, tensor_data& x, std::size_t axis, std::int64_t k,
                                  bool keep) {
  if (k < 1 || k > x.size[axis])
    return invalid("k of " + e.operator_name(), std::to_string(k),
                   "1 to " + std::to_string(x.size[axis]));
  const auto lowest = best(e, x, axis, {saturated(k), true, topk_order::selected});
  if (!lowest) return lowest;
  const auto last = sliced(e, *lowest->c->items[0].t, axis, k - 1, 1);
  if (!last) return last;
  value v = *last;
  if (!keep) {
    auto size = x.size;
    size.erase(size.begin() + static_cast<std::ptrdiff_t>(axis));
    const auto line = reshaped(e, *v.t, std::move(size));
    if (!line) return line;
    v = *line;
  }
  return e.c.values.list({v, value::unknown()}, kind::tuple);
}
/// kthvalue(x, k, dim, keepdim).
inline result<value> kthvalue(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t k = a.integer("k"), dim = a.integer("dim");
  const bool keep = a.boolean("keepdim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  return kth_smallest(e, *x, axis, k, keep);
}
/// median(x), median(x, dim, keepdim): of two in the middle the lower one.
inline result<value> median(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const bool all = a.none("dim"), keep = a.boolean("keepdim");
  const std::int64_t dim = all ? 0 : a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  if (all) {
    const auto line = reshaped(e, *x, {x->elements()});
    if (!line) return line;
    x = line->t;
  }
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const auto v = kth_smallest(e, *x, axis, (x->size[axis] + 1) / 2, keep && !all);
  return v && all ? result<value>(v->c->items[0]) : v;
}
/// The element type that is asked for; `otherwise` where it is none.
inline result<scalar> type_argument(arguments& a, scalar otherwise) {
  if (a.none("dtype")) return otherwise;
  const std::int64_t code = a.integer("dtype");
  if (auto s = a.check(); !s) return s.error();
  return scalar_of_code(code);
}
/// The type that sums are made in: the one asked for, else int64 of whole numbers and bools.
inline result<scalar> type_of_sum(arguments& a, const tensor_data& x) {
  const auto type = type_argument(a, kind_of_number(x.type) == 2 ? scalar::f32 : scalar::s64);
  if (!type || *type == scalar::f32 || *type == scalar::s64 || *type == scalar::s32) return type;
  return unsupported("element type of " + a.name, std::string(name_of(*type)),
                     "float32, int64, int32");
}
/// cumsum(x, dim, dtype), cumprod(x, dim, dtype): float32 accumulates in binary64.
template <bool Product> result<value> accumulated(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_of_sum(a, *x);
  if (!type) return type.error();
  const auto from = cast_to(e, *x, *type);
  if (!from) return from;
  const auto in = e.held(*from->t, false);
  if (!in) return in.error();
  const tensor_id to = e.make(from->t->type);
  attributes attrs;
  attrs.set("axis", static_cast<std::int64_t>(axis));
  if (from->t->type == scalar::f32) attrs.set("wide", std::int64_t{1});
  if (Product) attrs.set("product", std::int64_t{1});
  if (auto s = e.emit(ops::cumsum, {*in}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, from->t->type, false, false);
}

// ---- made of nothing ----

inline scalar type_of_number(const value& v) {
  return v.is(kind::real) || (v.is(kind::tensor) && v.t->type == scalar::f32) ? scalar::f32
         : v.is(kind::boolean)                                                ? scalar::boolean
                                                                              : scalar::s64;
}
/// zeros(size, ..), ones(size, ..), empty(size, ..).
template <int Value> result<value> filled(emitter& e, arguments& a) {
  const auto size = a.integers("size");
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_argument(a, scalar::f32);
  if (!type) return type.error();
  return constant_tensor(e, {double{Value}}, size, *type);
}
/// full(size, number, ..).
inline result<value> full(emitter& e, arguments& a) {
  const auto size = a.integers("size");
  const double fill = a.real("fill_value");
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_argument(a, type_of_number(a["fill_value"]));
  if (!type) return type.error();
  return constant_tensor(e, {fill}, size, *type);
}
/// zeros_like(x, ..), ones_like(x, ..).
template <int Value> result<value> filled_like(emitter& e, arguments& a) {
  const tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_argument(a, x->type);
  if (!type) return type.error();
  return constant_tensor(e, {double{Value}}, x->size, *type);
}
inline result<value> full_like(emitter& e, arguments& a) {
  const tensor_data* x = a.tensor("self");
  const double fill = a.real("fill_value");
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_argument(a, x->type);
  if (!type) return type.error();
  return constant_tensor(e, {fill}, x->size, *type);
}
/// new_zeros(x, size, ..), new_ones(x, size, ..).
template <int Value> result<value> new_filled(emitter& e, arguments& a) {
  const tensor_data* x = a.tensor("self");
  const auto size = a.integers("size");
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_argument(a, x->type);
  if (!type) return type.error();
  return constant_tensor(e, {double{Value}}, size, *type);
}
/// arange(end), arange(start, end), arange(start, end, step): one number alone is the end, though
/// it stands where start does.
inline result<value> arange(emitter& e, arguments& a) {
  constexpr std::string_view parameters[] = {"start", "end", "step"};
  const std::size_t given = a.none("end") ? 1 : a.none("step") ? 2 : 3;
  const double start = given == 1 ? 0 : a.real("start"), end = a.real(given == 1 ? "start" : "end"),
               step = given == 3 ? a.real("step") : 1;
  if (auto s = a.check(); !s) return s.error();
  scalar natural = scalar::s64;
  for (std::size_t i = 0; i < given; ++i)
    if (type_of_number(a[parameters[i]]) == scalar::f32) natural = scalar::f32;
  const auto type = type_argument(a, natural);
  if (!type) return type.error();
  const double count = -numerics::floor(-numerics::div(numerics::sub(end, start), step));
  if (!(step != 0) || !(count >= 0 && count < 1e7))
    return invalid("range of " + a.name, std::to_string(start) + " to " + std::to_string(end));
  std::vector<double> numbers;
  for (double i = 0; i < count; ++i)
    numbers.push_back(numerics::add(start, numerics::mul(i, step)));
  if (numbers.empty()) numbers.push_back(0);
  return constant_tensor(e, numbers, {static_cast<std::int64_t>(count)}, *type);
}
/// Numbers from start to end, from both ends to the middle, as PyTorch rounds them.
inline std::vector<double> evenly_spaced(float start, float end, std::int64_t steps) {
  const float step = numerics::div(numerics::sub(end, start),
                                   static_cast<float>(std::max<std::int64_t>(steps - 1, 1)));
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < steps; ++i)
    numbers.push_back(
        static_cast<double>(i < steps / 2 || steps == 1
                                ? numerics::fma(step, static_cast<float>(i), start)
                                : numerics::fma(-step, static_cast<float>(steps - i - 1), end)));
  return numbers;
}
/// linspace(start, end, steps, ..).
inline result<value> linspace(emitter& e, arguments& a) {
  const auto start = static_cast<float>(a.real("start")), end = static_cast<float>(a.real("end"));
  const std::int64_t steps = a.integer("steps");
  if (auto s = a.check(); !s) return s.error();
  if (steps < 1 || steps > 10000000) return invalid("steps of " + a.name, std::to_string(steps));
  return constant_tensor(e, evenly_spaced(start, end, steps), {steps}, scalar::f32);
}
/// meshgrid(tensors, indexing="ij"): each repeated along the others' axes.
inline result<value> meshgrid(emitter& e, arguments& a) {
  const auto list = tensors_of(a);
  if (!list) return list.error();
  const value indexing = a["indexing"];
  const bool xy = indexing.is(kind::string) && indexing.c->text == "xy" && list->size() > 1;
  std::vector<std::int64_t> size;
  for (const tensor_data* t : *list) {
    if (t->rank() > 1) return unsupported("rank in the list of " + a.name);
    size.push_back(t->elements());
  }
  if (xy) std::swap(size[0], size[1]);
  std::vector<value> out;
  for (std::size_t k = 0; k < list->size(); ++k) {
    std::vector<std::int64_t> own(size.size(), 1);
    own[xy && k < 2 ? 1 - k : k] = (*list)[k]->elements();
    const auto line = reshaped(e, *(*list)[k], std::move(own));
    if (!line) return line;
    const auto grid = expanded(e, *line->t, size);
    if (!grid) return grid;
    out.push_back(*grid);
  }
  return e.c.values.list(std::move(out));
}
/// The numbers of lists within lists of one length each, whose lengths are the extents.
inline status read_nested(const arguments& a, const value& list, std::size_t depth,
                          std::vector<std::int64_t>& size, std::vector<double>& numbers,
                          scalar& natural) {
  const auto n = static_cast<std::int64_t>(list.c->items.size());
  if (size.size() == depth && numbers.empty() && depth < as_size(dims::max_rank)) size.push_back(n);
  if (size.size() <= depth || size[depth] != n)
    return invalid("lists of different lengths in " + a.name);
  for (const value& v : list.c->items) {
    if (v.is_sequence()) {
      if (auto s = read_nested(a, v, depth + 1, size, numbers, natural); !s) return s;
      continue;
    }
    double d = 0;
    if (size.size() != depth + 1 || !read_number(v, d))
      return unsupported("an element of the list of " + a.name);
    if (numbers.empty() || v.is(kind::real)) natural = type_of_number(v);
    numbers.push_back(d);
  }
  return unit{};
}
/// tensor(number or list of numbers, ..), scalar_tensor(number, ..).
inline result<value> made_tensor(emitter& e, arguments& a) {
  const value data = a[a.first()];
  if (data.is(kind::tensor)) return data;
  std::vector<double> numbers;
  std::vector<std::int64_t> size;
  scalar natural = scalar::f32;
  if (data.is_sequence()) {
    if (auto s = read_nested(a, data, 0, size, numbers, natural); !s) return s.error();
    if (numbers.empty()) numbers.push_back(0);
  } else {
    numbers.push_back(a.real(a.first()));
    natural = type_of_number(data);
  }
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_argument(a, natural);
  if (!type) return type.error();
  return constant_tensor(e, numbers, size, *type);
}
/// as_tensor(data, dtype, device): a tensor is cast where a type is given.
inline result<value> as_tensor(emitter& e, arguments& a) {
  if (!a["data"].is(kind::tensor)) return made_tensor(e, a);
  tensor_data* x = a.tensor("data");
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_argument(a, x->type);
  if (!type) return type.error();
  return cast_to(e, *x, *type);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_INDEX_HPP_
