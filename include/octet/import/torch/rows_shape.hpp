// Rows that only move or rename elements: views, permutations, pieces, padding.
#ifndef OCTET_IMPORT_TORCH_ROWS_SHAPE_HPP_
#define OCTET_IMPORT_TORCH_ROWS_SHAPE_HPP_

#include <algorithm>

#include "octet/import/torch/rows_elementwise.hpp"
#include "octet/import/torch/scalars.hpp"
#include "octet/ops/gather.hpp"
#include "octet/ops/pad.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

inline result<value> same(emitter&, arguments& a) { return a[a.first()]; }
/// PyTorch's numbers of the memory formats.
inline constexpr std::int64_t contiguous_format = 0, preserve_format = 1, channels_last_format = 2,
                              channels_last_3d_format = 3;
inline result<value> contiguous(emitter& e, arguments& a) {
  const tensor_data* x = a.tensor("self");
  const std::int64_t format = a.integer("memory_format");
  if (auto s = a.check(); !s) return s.error();
  if (x->constant()) return a["self"];
  const bool last = format != contiguous_format;
  if (last && format != channels_last_format && format != channels_last_3d_format)
    return unsupported("memory format", std::to_string(format), "0, 2, 3");
  const int rank = format == channels_last_format ? 4 : 5;
  if (last && x->rank() != rank)
    return invalid("rank of the tensor of " + a.name, std::to_string(x->rank()),
                   std::to_string(rank));
  if (is_contiguous(*x, last)) return a["self"];
  return with_strides(e, e.c.values.tensor(*x),
                      last ? channels_last_strides(x->size) : contiguous_strides(x->size));
}
/// clone(x, memory_format): without one floats keep theirs, codes become contiguous.
inline result<value> clone(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (x->constant()) {  // the copy may be changed in place, the file's tensor not
    const auto in = e.held(*x, false);
    if (!in) return in.error();
    x = with_strides(e, e.wrap(*in, x->type, false, false), x->stride).t;
  }
  const bool preserved = a.none("memory_format") ? !is_quantized(x->type)
                                                 : a.integer("memory_format") == preserve_format;
  if (auto s = a.check(); !s) return s.error();
  if (preserved)
    return with_strides(e, e.c.values.tensor(*x), iterated_strides(x->size, {x->stride}));
  if (a.none("memory_format")) return as_contiguous(e, e.c.values.tensor(*x));
  arguments as = a;
  as.replace("self", value_of(*x));
  return contiguous(e, as);
}

/// PyTorch's code of an element type, from a file.
inline result<scalar> scalar_of_code(std::int64_t code) {
  if (code < 0 || code > 127 || name_of(static_cast<scalar>(code)) == "?")
    return unsupported("element type code", std::to_string(code));
  return static_cast<scalar>(code);
}
/// to(x, dtype, non_blocking, copy, memory_format), to(x, device, dtype, ..), to(x, other, ..):
/// what comes by position is called a, b, c, d, e, since the schemas differ.
inline result<value> to(emitter& e, arguments& a) {
  // Traced programs take extents as tensors without axes: numbers here, tensors as floats.
  double number = 0;
  if (read_number(a["self"], number))
    a.replace("self", value_of(*number_of(e, number,
                                          a["self"].is(kind::real)      ? scalar::f32
                                          : a["self"].is(kind::boolean) ? scalar::boolean
                                                                        : scalar::s64)));
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  scalar type = x->type;
  const bool device = a["a"].is(kind::string);
  value code = a["dtype"], format = a["memory_format"];
  if (!code.is(kind::integer)) code = a[device ? "b" : "a"];
  if (!format.is(kind::integer)) format = a[device ? "e" : "d"];
  if (code.is(kind::tensor)) {
    type = code.t->type;
  } else if (code.is(kind::integer)) {
    const auto s = scalar_of_code(code.i);
    if (!s) return s.error();
    type = *s;
  }
  const auto v = cast_to(e, *x, type);
  if (!v || !format.is(kind::integer) || format.i == preserve_format) return v;
  arguments as(e.c, a.name, {{"self", *v}, {"memory_format", format}});
  return contiguous(e, as);
}

// ---- other extents ----

inline result<value> reshaped_to(emitter& e, arguments& a, std::string_view extents) {
  tensor_data* x = a.tensor("self");
  auto size = a.integers(extents);
  if (auto s = a.check(); !s) return s.error();
  return reshaped(e, *x, std::move(size));
}
inline result<value> reshape(emitter& e, arguments& a) { return reshaped_to(e, a, "shape"); }
inline result<value> view(emitter& e, arguments& a) { return reshaped_to(e, a, "size"); }
inline result<value> flatten(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t start = a.integer("start_dim"), end = a.integer("end_dim");
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() == 0) return reshaped(e, *x, {1});
  const std::size_t from = a.axis(start, x->rank()), to = a.axis(end, x->rank());
  if (auto s = a.check(); !s) return s.error();
  if (from > to) return invalid("axes of " + a.name);
  if (from == to) return a["self"];
  std::vector<std::int64_t> size(x->size.begin(),
                                 x->size.begin() + static_cast<std::ptrdiff_t>(from));
  std::int64_t n = 1;
  for (std::size_t i = from; i <= to; ++i) n *= x->size[i];
  size.push_back(n);
  size.insert(size.end(), x->size.begin() + static_cast<std::ptrdiff_t>(to) + 1, x->size.end());
  return reshaped(e, *x, std::move(size));
}
/// A view that drops or adds axes of extent 1: the strides of the others stay, the layout too where
/// the channel axis does.
inline result<value> viewed(emitter& e, tensor_data& x, std::vector<std::int64_t> size,
                            std::vector<std::int64_t> stride) {
  const auto v = reshaped(e, x, std::move(size));
  if (!v) return v;
  return as_view(with_strides(e, *v, std::move(stride)), x);
}
inline result<value> squeeze(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  std::vector<bool> drop(x->size.size(), a.none("dim"));
  if (!a.none("dim"))
    for (std::int64_t d : a.integers("dim")) {
      const std::size_t axis = a.axis(d, x->rank());
      if (auto s = a.check(); !s) return s.error();
      drop[axis] = true;
    }
  if (auto s = a.check(); !s) return s.error();
  std::vector<std::int64_t> size, stride;
  for (std::size_t i = 0; i < x->size.size(); ++i)
    if (!drop[i] || x->size[i] != 1) {
      size.push_back(x->size[i]);
      stride.push_back(x->stride[i]);
    }
  return viewed(e, *x, std::move(size), std::move(stride));
}
inline result<value> unsqueeze(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t at = a.axis(dim, x->rank() + 1);
  if (auto s = a.check(); !s) return s.error();
  std::vector<std::int64_t> size = x->size, stride = x->stride;
  const std::int64_t step = at < size.size() ? size[at] * stride[at] : 1;
  size.insert(size.begin() + static_cast<std::ptrdiff_t>(at), 1);
  stride.insert(stride.begin() + static_cast<std::ptrdiff_t>(at), step);
  return viewed(e, *x, std::move(size), std::move(stride));
}

// ---- other orders of axes ----

inline result<value> permuted(emitter& e, tensor_data& x, const std::vector<std::int64_t>& order) {
  std::vector<std::int64_t> stride;
  bool identity = true;
  for (std::size_t i = 0; i < order.size(); ++i) {
    stride.push_back(x.stride[as_size(order[i])]);
    identity &= order[i] == static_cast<std::int64_t>(i);
  }
  if (identity) return as_view(e.c.values.tensor(x), x);
  if (is_quantized(x.type))
    if (auto s = e.per_tensor(x); !s) return s.error();
  const auto in = e.held(x, false);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  if (auto s = e.transpose(*in, to, order); !s) return s.error();
  return as_view(with_strides(e, e.wrap(to, x.type, false, false), std::move(stride)), x);
}
inline result<value> permute(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  auto order = a.integers("dims");
  if (auto s = a.check(); !s) return s.error();
  if (order.size() != x->size.size())
    return invalid("axes of permute", std::to_string(order.size()), std::to_string(x->rank()));
  std::vector<bool> seen(order.size(), false);
  for (std::int64_t& d : order) {
    const std::size_t axis = a.axis(d, x->rank());
    if (auto s = a.check(); !s) return s.error();
    if (seen[axis]) return invalid("an axis of permute is given twice", std::to_string(axis));
    seen[axis] = true;
    d = static_cast<std::int64_t>(axis);
  }
  return permuted(e, *x, order);
}
inline result<value> transpose(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t first = a.integer("dim0"), second = a.integer("dim1");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t p = a.axis(first, x->rank()), q = a.axis(second, x->rank());
  if (auto s = a.check(); !s) return s.error();
  std::vector<std::int64_t> order;
  for (int i = 0; i < x->rank(); ++i) order.push_back(i);
  std::swap(order[p], order[q]);
  return permuted(e, *x, order);
}
/// [N, g*k, H, W] seen as [N, g, k, H, W] with g and k exchanged.
inline result<value> channel_shuffle(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t g = a.integer("groups");
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() != 4 || g < 1 || x->size[1] % g != 0)
    return invalid("groups of channel_shuffle", std::to_string(g));
  const bool inner = !x->constant() && x->channels_inner;
  const std::int64_t k = x->size[1] / g, n = x->size[0], pixels = x->size[2] * x->size[3];
  const auto in = e.held(*x, inner);
  if (!in) return in.error();
  const tensor_id split = e.make_like(*x), moved = e.make_like(*x), to = e.make_like(*x);
  using list = std::vector<std::int64_t>;
  if (auto s = e.reshape(*in, split, inner ? list{n * pixels, g, k} : list{n, g, k, pixels}); !s)
    return s.error();
  if (auto s = e.transpose(split, moved, inner ? list{0, 2, 1} : list{0, 2, 1, 3}); !s)
    return s.error();
  const dims shape = e.g[*in].shape;
  if (auto s = e.reshape(moved, to, {shape.begin(), shape.end()}); !s) return s.error();
  return e.wrap(to, x->type, inner, suggests_channels_last(*x));
}

// ---- pieces ----

/// A piece [begin, begin + size) along one logical axis, in the layout the value already has. Its
/// strides stay those of the whole.
inline result<value> sliced(emitter& e, tensor_data& x, std::size_t axis, std::int64_t begin,
                            std::int64_t size) {
  const auto in = e.held_as_is(x);
  if (!in) return in.error();
  const bool inner = !x.constant() && x.channels_inner;
  std::vector<std::int64_t> from(x.size.size(), 0), count;
  for (std::int32_t v : e.g[*in].shape) count.push_back(v);
  const auto at = as_size(axis_in_layout(static_cast<int>(axis), x.rank(), inner));
  from[at] = begin;
  count[at] = size;
  const tensor_id to = e.make_like(x);
  attributes attrs;
  attrs.set("begin", from);
  attrs.set("size", count);
  if (auto s = e.emit(ops::slice, {*in}, to, std::move(attrs)); !s) return s.error();
  return as_view(with_strides(e, e.wrap(to, x.type, inner, false), x.stride), x,
                 begin * x.stride[axis]);
}
/// Every step-th index of [begin, end) along one axis.
inline result<value> stepped(emitter& e, tensor_data& x, std::size_t axis, std::int64_t begin,
                             std::int64_t end, std::int64_t step) {
  const auto in = e.held_as_is(x);
  if (!in) return in.error();
  const bool inner = !x.constant() && x.channels_inner;
  const auto at = as_size(axis_in_layout(static_cast<int>(axis), x.rank(), inner));
  std::vector<std::int64_t> from(x.size.size(), 0), to, steps(x.size.size(), 1);
  for (std::int32_t v : e.g[*in].shape) to.push_back(v);
  from[at] = begin, to[at] = end, steps[at] = std::min<std::int64_t>(step, INT32_MAX);
  const tensor_id y = e.make_like(x);
  attributes attrs;
  attrs.set("begin", std::move(from));
  attrs.set("end", std::move(to));
  attrs.set("strides", std::move(steps));
  if (auto s = e.emit(ops::strided_slice, {*in}, y, std::move(attrs)); !s) return s.error();
  auto stride = x.stride;
  stride[axis] *= std::min<std::int64_t>(step, INT32_MAX);
  return as_view(with_strides(e, e.wrap(y, x.type, inner, false), std::move(stride)), x,
                 begin * x.stride[axis]);
}
inline result<value> slice(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim"), step = a.integer("step");
  std::int64_t begin = a.none("start") ? 0 : a.integer("start"),
               end = a.none("end") ? INT64_MAX : a.integer("end");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  if (step < 1) return invalid("step of a slice", std::to_string(step), "1 or more");
  const std::int64_t n = x->size[axis];
  if (begin < 0) begin += n;
  if (end < 0) end += n;
  begin = std::clamp<std::int64_t>(begin, 0, n);
  end = std::clamp<std::int64_t>(end, begin, n);
  if (step > 1 && end - begin > 1) return stepped(e, *x, axis, begin, end, step);
  if (begin == 0 && end == n) return a["self"];
  return sliced(e, *x, axis, begin, end - begin);
}
inline result<value> select(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim");
  std::int64_t at = a.integer("index");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t n = x->size[axis];
  if (at < 0) at += n;
  if (at < 0 || at >= n) return invalid("index of select", std::to_string(at), std::to_string(n));
  const auto piece = sliced(e, *x, axis, at, 1);
  if (!piece) return piece;
  std::vector<std::int64_t> size = x->size, stride = x->stride;
  size.erase(size.begin() + static_cast<std::ptrdiff_t>(axis));
  stride.erase(stride.begin() + static_cast<std::ptrdiff_t>(axis));
  return viewed(e, *piece->t, std::move(size), std::move(stride));
}
/// Pieces of that many elements, the last one of the rest; `Chunk`: that many pieces of ceil(n /
/// given).
template <bool Chunk>
result<std::vector<std::int64_t>> equal_pieces(const arguments& a, std::int64_t n,
                                               std::int64_t given) {
  if (given < 1) return invalid("number of pieces of " + a.name, std::to_string(given));
  const std::int64_t chunk = n / given + (n % given != 0);  // rounded up, without overflow
  const std::int64_t step = std::max<std::int64_t>(Chunk ? chunk : given, 1);
  if (n / step > 4096) return too_large("pieces of " + a.name);
  std::vector<std::int64_t> sizes;
  for (std::int64_t at = 0; at < n; at += std::min(step, n - at))
    sizes.push_back(std::min(step, n - at));
  return sizes;
}
/// chunk(x, chunks, dim), split(x, size or sizes, dim) by the name of the second.
template <bool Chunk>
result<value> pieces_of(emitter& e, arguments& a, std::string_view parameter) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim");
  std::vector<std::int64_t> sizes = a.integers(parameter);
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t n = x->size[axis];
  if (!a[parameter].is_sequence()) {
    auto equal = equal_pieces<Chunk>(a, n, sizes[0]);
    if (!equal) return equal.error();
    sizes = std::move(*equal);
  }
  std::vector<value> out;
  std::int64_t at = 0;
  for (std::int64_t size : sizes) {
    if (size < 0 || size > n - at) return invalid("pieces of " + a.name);
    const auto piece = sliced(e, *x, axis, at, size);
    if (!piece) return piece;
    out.push_back(*piece);
    at += size;
  }
  return e.c.values.list(std::move(out));
}
inline result<value> chunk(emitter& e, arguments& a) { return pieces_of<true>(e, a, "chunks"); }
inline result<value> split(emitter& e, arguments& a) {
  return pieces_of<false>(e, a, "split_size");
}
inline result<value> split_with_sizes(emitter& e, arguments& a) {
  return pieces_of<false>(e, a, "split_sizes");
}

// ---- padding ----

/// Paddings before and after each axis of the IR from [left, right, top, bottom, ...]: the last
/// axis first.
inline result<std::vector<std::int64_t>> paddings_of(const arguments& a, const tensor_data& x,
                                                     const std::vector<std::int64_t>& amounts,
                                                     bool inner) {
  const int rank = x.rank();
  if (amounts.size() % 2 != 0 || amounts.size() / 2 > as_size(rank))
    return invalid("padding of " + a.name, std::to_string(amounts.size()) + " numbers");
  std::vector<std::int64_t> paddings(2 * as_size(rank), 0);
  for (std::size_t k = 0; k < amounts.size() / 2; ++k) {
    const auto axis = as_size(axis_in_layout(rank - 1 - static_cast<int>(k), rank, inner));
    paddings[2 * axis] = amounts[2 * k], paddings[2 * axis + 1] = amounts[2 * k + 1];
  }
  return paddings;
}
/// The elements of one axis in another order: index[i] of each i.
inline result<value> picked(emitter& e, tensor_data& x, std::size_t axis,
                            const std::vector<std::int64_t>& index) {
  const auto in = e.held_as_is(x);
  if (!in) return in.error();
  const bool inner = !x.constant() && x.channels_inner;
  const tensor_id to = e.make_like(x);
  attributes attrs;
  attrs.set("axis", std::int64_t{axis_in_layout(static_cast<int>(axis), x.rank(), inner)});
  if (auto s = e.emit(ops::gather, {*in, e.constant_of(index)}, to, std::move(attrs)); !s)
    return s.error();
  return e.wrap(to, x.type, inner, suggests_channels_last(x));
}
/// Padding that repeats the edge, or goes on at the other end (`circular`).
inline result<value> pad_by_index(emitter& e, tensor_data& x,
                                  const std::vector<std::int64_t>& amounts, bool circular) {
  if (amounts.size() % 2 != 0 || amounts.size() / 2 > x.size.size())
    return invalid("padding of " + e.operator_name(), std::to_string(amounts.size()) + " numbers");
  value v = value_of(x);
  for (std::size_t k = 0; k < amounts.size() / 2; ++k) {
    const std::size_t axis = x.size.size() - 1 - k;
    const std::int64_t n = x.size[axis], before = amounts[2 * k], after = amounts[2 * k + 1];
    if (before == 0 && after == 0) continue;
    if (n < 1 || before < 0 || after < 0 || before + after > INT32_MAX - n ||
        (circular && (before > n || after > n)))
      return invalid("padding of " + e.operator_name(),
                     std::to_string(before) + ", " + std::to_string(after));
    std::vector<std::int64_t> index;
    for (std::int64_t i = -before; i < n + after; ++i)
      index.push_back(circular ? (i + n) % n : std::clamp<std::int64_t>(i, 0, n - 1));
    const auto wider = picked(e, *v.t, axis, index);
    if (!wider) return wider;
    v = *wider;
  }
  return circular && v.t != &x ? as_contiguous(e, v) : v;
}
inline result<value> padded(emitter& e, arguments& a, tensor_data& x,
                            const std::vector<std::int64_t>& amounts, const std::string& mode,
                            double fill);
/// Negative amounts cut; what is left of them pads.
inline result<value> cropped(emitter& e, arguments& a, tensor_data& x,
                             std::vector<std::int64_t> amounts, const std::string& mode,
                             double fill) {
  value v = value_of(x);
  if (amounts.size() % 2 != 0 || amounts.size() / 2 > x.size.size())
    return invalid("padding of " + a.name, std::to_string(amounts.size()) + " numbers");
  for (std::size_t k = 0; k < amounts.size() / 2; ++k) {
    std::int64_t &before = amounts[2 * k], &after = amounts[2 * k + 1];
    const std::size_t axis = x.size.size() - 1 - k;
    const std::int64_t n = x.size[axis], from = before < 0 ? -before : 0,
                       to = after < 0 ? n + after : n;
    if (before < -n || after < -n || to < from)
      return invalid("padding of " + a.name, std::to_string(before) + ", " + std::to_string(after));
    if (from == 0 && to == n) continue;
    const auto piece = sliced(e, *v.t, axis, from, to - from);
    if (!piece) return piece;
    v = *piece;
    before = std::max<std::int64_t>(before, 0), after = std::max<std::int64_t>(after, 0);
  }
  return padded(e, a, *v.t, amounts, mode, fill);
}
/// Constant padding of a quantized tensor writes the code of `fill`.
inline result<value> padded(emitter& e, arguments& a, tensor_data& x,
                            const std::vector<std::int64_t>& amounts, const std::string& mode,
                            double fill) {
  if (mode == "replicate" || mode == "circular") return pad_by_index(e, x, amounts, mode[0] == 'c');
  if (mode != "constant" && mode != "reflect")
    return unsupported("mode of " + a.name, mode.substr(0, 40),
                       "constant, reflect, replicate, circular");
  if (std::any_of(amounts.begin(), amounts.end(), [](std::int64_t v) { return v < 0; }))
    return cropped(e, a, x, amounts, mode, fill);
  const bool quantized = is_quantized(x.type), inner = !x.constant() && x.channels_inner;
  if (quantized)
    if (auto s = e.per_tensor(x); !s) return s.error();
  auto paddings = paddings_of(a, x, amounts, inner);
  if (!paddings) return paddings.error();
  if (std::all_of(paddings->begin(), paddings->end(), [](std::int64_t v) { return v == 0; }))
    return value_of(x);
  const auto in = e.held(x, inner);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  attributes attrs;
  attrs.set("paddings", std::move(*paddings));
  if (mode == "constant" && quantized)
    attrs.set("value", std::int64_t{quantized_value(fill, x)});
  else if (mode == "constant")
    attrs.set("value", fill);
  const op_def& op = mode == "reflect" ? ops::mirror_pad : quantized ? ops::qnn_pad : ops::pad;
  if (auto s = e.emit(op, {*in}, to, std::move(attrs)); !s) return s.error();
  const bool loses_format = mode == "reflect" && quantized;
  return e.wrap(to, x.type, inner, !loses_format && suggests_channels_last(x));
}
/// pad(x, amounts, mode, value).
inline result<value> pad(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("input");
  const auto amounts = a.integers("pad");
  const value mode = a["mode"];
  const double fill = a.real_or("value", 0);
  if (auto s = a.check(); !s) return s.error();
  return padded(e, a, *x, amounts, mode.is(kind::string) ? mode.c->text : "constant", fill);
}

enum class pad_name : std::uint8_t { constant, reflect, replicate };
/// The operators that name their mode: (x, amounts) and constant_pad_nd(x, amounts, value).
template <pad_name Mode> result<value> padded_by(emitter& e, arguments& a) {
  const char* mode = Mode == pad_name::constant  ? "constant"
                     : Mode == pad_name::reflect ? "reflect"
                                                 : "replicate";
  constexpr bool constant = Mode == pad_name::constant;
  tensor_data* x = a.tensor(a.first());
  const auto amounts = a.integers(constant ? "pad" : "padding");
  const double fill = constant ? a.real_or("value", 0) : 0;
  if (auto s = a.check(); !s) return s.error();
  return padded(e, a, *x, amounts, mode, fill);
}
/// t(x) and x.T of up to two axes.
inline result<value> matrix_transpose(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() < 2) return a["self"];
  if (x->rank() > 2)
    return unsupported("rank of the input of " + a.name, std::to_string(x->rank()), "2");
  return permuted(e, *x, {1, 0});
}
/// movedim(x, from, to): the axes that are not named keep their order.
inline result<value> movedim(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const auto from = a.integers("source"), to = a.integers("destination");
  if (auto s = a.check(); !s) return s.error();
  if (from.size() != to.size()) return invalid("axes of " + a.name);
  std::vector<std::int64_t> order(x->size.size(), -1);
  std::vector<bool> moved(x->size.size(), false);
  for (std::size_t k = 0; k < from.size(); ++k) {
    const std::size_t p = a.axis(from[k], x->rank()), q = a.axis(to[k], x->rank());
    if (auto s = a.check(); !s) return s.error();
    if (moved[p] || order[q] >= 0) return invalid("axes of " + a.name, "the same twice");
    moved[p] = true, order[q] = static_cast<std::int64_t>(p);
  }
  std::size_t next = 0;
  for (std::int64_t& axis : order) {
    if (axis >= 0) continue;
    while (moved[next]) ++next;
    axis = static_cast<std::int64_t>(next++);
  }
  return permuted(e, *x, order);
}
inline result<value> type_as(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *like = a.tensor("other");
  if (auto s = a.check(); !s) return s.error();
  return cast_to(e, *x, like->type);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_SHAPE_HPP_
