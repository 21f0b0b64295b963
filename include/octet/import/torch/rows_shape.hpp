// Rows that only move or rename elements: views, permutations, pieces, padding.
#ifndef OCTET_IMPORT_TORCH_ROWS_SHAPE_HPP_
#define OCTET_IMPORT_TORCH_ROWS_SHAPE_HPP_

#include "octet/import/torch/rows_elementwise.hpp"
#include "octet/ops/pad.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

/// The same value with strides of its own: views keep what PyTorch's strides say.
inline value with_strides(emitter& e, value v, std::vector<std::int64_t> strides) {
  v.t->stride = std::move(strides);
  if (!v.t->constant()) e.g[v.t->id].format = format_of(suggests_channels_last(*v.t));
  return v;
}
inline result<value> same(emitter&, arguments& a) { return a.v[0]; }
/// PyTorch's numbers of the two memory formats.
inline constexpr std::int64_t contiguous_format = 0, channels_last_format = 2;
inline result<value> contiguous(emitter& e, arguments& a) {
  const tensor_data* x = a.tensor(0);
  const std::int64_t format = a.integer(1);
  if (auto s = a.check(); !s) return s.error();
  if (x->constant()) return a.v[0];
  if (format != contiguous_format && format != channels_last_format)
    return unsupported("memory format", std::to_string(format), "0, 2");
  const bool last = format == channels_last_format;
  if (is_contiguous(*x, last)) return a.v[0];
  return with_strides(e, e.c.values.tensor(*x),
                      last ? channels_last_strides(x->size) : contiguous_strides(x->size));
}

/// to(x, dtype): only to the type it has.
inline result<value> to(emitter&, arguments& a) {
  const tensor_data* x = a.tensor(0);
  if (auto s = a.check(); !s) return s.error();
  const bool number = a.v[1].is(kind::integer);
  if (number && a.v[1].i == static_cast<std::int64_t>(x->type)) return a.v[0];
  return unsupported("a change of element type by " + a.name,
                     number ? std::to_string(a.v[1].i) : std::string(name_of(a.v[1].what)),
                     "the same type");
}

// ---- other extents ----

/// The extents that `size` stands for, where one of them may be -1: as many as the elements want.
inline result<std::vector<std::int64_t>> resolved_extents(const emitter& e, const tensor_data& x,
                                                          std::vector<std::int64_t> size) {
  std::int64_t known = 1, open = -1;
  for (std::size_t i = 0; i < size.size(); ++i) {
    if (size[i] == -1 && open < 0)
      open = static_cast<std::int64_t>(i);
    else if (size[i] < 0 || size[i] > INT32_MAX)
      return invalid("extent of " + e.operator_name(), std::to_string(size[i]));
    else if (known > INT32_MAX)
      return invalid("extents of " + e.operator_name());
    else
      known *= size[i];
  }
  if (open < 0) return size;
  if (known == 0 || x.elements() % known != 0) return invalid("extents of " + e.operator_name());
  size[static_cast<std::size_t>(open)] = x.elements() / known;
  return size;
}
/// The elements in logical order under new extents; always a contiguous result, which a view of
/// contiguous memory is.
inline result<value> reshaped(emitter& e, tensor_data& x, std::vector<std::int64_t> size) {
  const auto extents = resolved_extents(e, x, std::move(size));
  if (!extents) return extents.error();
  if (const auto shape = e.ir_shape(*extents, false); !shape) return shape.error();
  const auto in = e.held(x, false);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  if (auto s = e.reshape(*in, to, *extents); !s) return s.error();
  return e.wrap(to, x.type, false, false);
}
inline result<value> reshape(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(0);
  auto size = a.integers(1);
  if (auto s = a.check(); !s) return s.error();
  return reshaped(e, *x, std::move(size));
}
inline result<value> flatten(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(0);
  const std::int64_t start = a.integer(1), end = a.integer(2);
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() == 0) return reshaped(e, *x, {1});
  const std::size_t from = a.axis(start, x->rank()), to = a.axis(end, x->rank());
  if (auto s = a.check(); !s) return s.error();
  if (from > to) return invalid("axes of " + a.name);
  if (from == to) return a.v[0];
  std::vector<std::int64_t> size(x->size.begin(),
                                 x->size.begin() + static_cast<std::ptrdiff_t>(from));
  std::int64_t n = 1;
  for (std::size_t i = from; i <= to; ++i) n *= x->size[i];
  size.push_back(n);
  size.insert(size.end(), x->size.begin() + static_cast<std::ptrdiff_t>(to) + 1, x->size.end());
  return reshaped(e, *x, std::move(size));
}
inline result<value> squeeze(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(0);
  if (auto s = a.check(); !s) return s.error();
  std::vector<bool> drop(x->size.size(), a.none(1));
  if (!a.none(1))
    for (std::int64_t d : a.integers(1)) {
      const std::size_t axis = a.axis(d, x->rank());
      if (auto s = a.check(); !s) return s.error();
      drop[axis] = true;
    }
  if (auto s = a.check(); !s) return s.error();
  std::vector<std::int64_t> size;
  for (std::size_t i = 0; i < x->size.size(); ++i)
    if (!drop[i] || x->size[i] != 1) size.push_back(x->size[i]);
  return reshaped(e, *x, std::move(size));
}
inline result<value> unsqueeze(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(0);
  const std::int64_t dim = a.integer(1);
  if (auto s = a.check(); !s) return s.error();
  const std::size_t at = a.axis(dim, x->rank() + 1);
  if (auto s = a.check(); !s) return s.error();
  std::vector<std::int64_t> size = x->size;
  size.insert(size.begin() + static_cast<std::ptrdiff_t>(at), 1);
  return reshaped(e, *x, std::move(size));
}

// ---- other orders of axes ----

inline result<value> permuted(emitter& e, tensor_data& x, const std::vector<std::int64_t>& order) {
  std::vector<std::int64_t> stride;
  bool identity = true;
  for (std::size_t i = 0; i < order.size(); ++i) {
    stride.push_back(x.stride[static_cast<std::size_t>(order[i])]);
    identity &= order[i] == static_cast<std::int64_t>(i);
  }
  if (identity) return e.c.values.tensor(x);
  if (is_quantized(x.type))
    if (auto s = e.per_tensor(x); !s) return s.error();
  const auto in = e.held(x, false);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  if (auto s = e.transpose(*in, to, order); !s) return s.error();
  return with_strides(e, e.wrap(to, x.type, false, false), std::move(stride));
}
inline result<value> permute(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(0);
  auto order = a.integers(1);
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
  tensor_data* x = a.tensor(0);
  const std::int64_t first = a.integer(1), second = a.integer(2);
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
  tensor_data* x = a.tensor(0);
  const std::int64_t g = a.integer(1);
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
  const auto at = static_cast<std::size_t>(axis_in_layout(static_cast<int>(axis), x.rank(), inner));
  from[at] = begin;
  count[at] = size;
  const tensor_id to = e.make_like(x);
  attributes attrs;
  attrs.set("begin", from);
  attrs.set("size", count);
  if (auto s = e.emit(ops::slice, {*in}, to, std::move(attrs)); !s) return s.error();
  return with_strides(e, e.wrap(to, x.type, inner, false), x.stride);
}
inline result<value> slice(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(0);
  const std::int64_t dim = a.integer(1), step = a.integer(4);
  std::int64_t begin = a.none(2) ? 0 : a.integer(2), end = a.none(3) ? INT64_MAX : a.integer(3);
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  if (step != 1) return unsupported("step of a slice", std::to_string(step), "1");
  const std::int64_t n = x->size[axis];
  if (begin < 0) begin += n;
  if (end < 0) end += n;
  begin = std::clamp<std::int64_t>(begin, 0, n);
  end = std::clamp<std::int64_t>(end, begin, n);
  if (begin == 0 && end == n) return a.v[0];
  return sliced(e, *x, axis, begin, end - begin);
}
inline result<value> select(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(0);
  const std::int64_t dim = a.integer(1);
  std::int64_t at = a.integer(2);
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t n = x->size[axis];
  if (at < 0) at += n;
  if (at < 0 || at >= n) return invalid("index of select", std::to_string(at), std::to_string(n));
  const auto piece = sliced(e, *x, axis, at, 1);
  if (!piece) return piece;
  std::vector<std::int64_t> size = x->size;
  size.erase(size.begin() + static_cast<std::ptrdiff_t>(axis));
  return reshaped(e, *piece->t, std::move(size));
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
/// chunk(x, n, dim). split(x, size or sizes, dim).
template <bool Chunk> result<value> pieces(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(0);
  const std::int64_t dim = a.integer(2);
  std::vector<std::int64_t> sizes = a.integers(1);
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t n = x->size[axis];
  if (!a.v[1].is_sequence()) {
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

// ---- padding ----

/// Paddings before and after each axis of the IR from [left, right, top, bottom, ...]: the last
/// axis first.
inline result<std::vector<std::int64_t>> paddings_of(const arguments& a, const tensor_data& x,
                                                     const std::vector<std::int64_t>& amounts,
                                                     bool inner) {
  const int rank = x.rank();
  if (amounts.size() % 2 != 0 || amounts.size() / 2 > static_cast<std::size_t>(rank))
    return invalid("padding of " + a.name, std::to_string(amounts.size()) + " numbers");
  std::vector<std::int64_t> paddings(2 * static_cast<std::size_t>(rank), 0);
  for (std::size_t k = 0; k < amounts.size() / 2; ++k) {
    const auto axis =
        static_cast<std::size_t>(axis_in_layout(rank - 1 - static_cast<int>(k), rank, inner));
    paddings[2 * axis] = amounts[2 * k], paddings[2 * axis + 1] = amounts[2 * k + 1];
  }
  return paddings;
}
/// pad(x, amounts, mode, value). Constant padding of a quantized tensor writes the code of `value`.
inline result<value> pad(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(0);
  const auto amounts = a.integers(1);
  const std::string mode = a.v[2].is(kind::string) ? a.v[2].c->text : "constant";
  const double fill = a.real_or(3, 0);
  if (auto s = a.check(); !s) return s.error();
  if (mode != "constant" && mode != "reflect")
    return unsupported("mode of " + a.name, mode.substr(0, 40), "constant, reflect");
  const bool quantized = is_quantized(x->type), inner = !x->constant() && x->channels_inner;
  if (quantized)
    if (auto s = e.per_tensor(*x); !s) return s.error();
  auto paddings = paddings_of(a, *x, amounts, inner);
  if (!paddings) return paddings.error();
  if (std::all_of(paddings->begin(), paddings->end(), [](std::int64_t v) { return v == 0; }))
    return a.v[0];
  const auto in = e.held(*x, inner);
  if (!in) return in.error();
  const tensor_id to = e.make_like(*x);
  attributes attrs;
  attrs.set("paddings", std::move(*paddings));
  if (mode == "constant" && quantized)
    attrs.set("value", std::int64_t{quantized_value(fill, *x)});
  else if (mode == "constant")
    attrs.set("value", fill);
  const op_def& op = mode == "reflect" ? ops::mirror_pad : quantized ? ops::qnn_pad : ops::pad;
  if (auto s = e.emit(op, {*in}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, x->type, inner, suggests_channels_last(*x));
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_SHAPE_HPP_
