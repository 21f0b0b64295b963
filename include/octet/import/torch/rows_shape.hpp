// Rows that only move or rename elements: views, permutations, padding, nearest-neighbour and
// bilinear resizing; pooling and means.
#ifndef OCTET_IMPORT_TORCH_ROWS_SHAPE_HPP_
#define OCTET_IMPORT_TORCH_ROWS_SHAPE_HPP_

#include "octet/import/torch/rows_elementwise.hpp"

OCTET_NAMESPACE_BEGIN
namespace torchscript::rows {

/// The same value with strides of its own: views keep what PyTorch's strides say.
inline value with_strides(emitter& e, value v, std::vector<std::int64_t> strides) {
  if (v.is(kind::tensor)) {
    v.t->stride = std::move(strides);
    if (!v.t->constant())
      e.c.g[v.t->id].format =
          suggests_channels_last(*v.t) ? memory_format::channels_last : memory_format::contiguous;
  }
  return v;
}
inline value same(emitter&, arguments& a) { return a.v[0]; }
inline value contiguous(emitter& e, arguments& a) {
  tensor_data* x = e.tensor(a, 0);
  const std::int64_t format = e.integer(a, 1);  // 0 contiguous, 2 channels last
  if (!x || x->constant()) return a.v[0];
  if (format != 0 && format != 2)
    return e.c.unsupported_here("memory format", std::to_string(format), "0, 2");
  if (is_contiguous(*x, format == 2)) return a.v[0];
  const tensor_data copy = *x;
  return with_strides(e, e.c.values.tensor(copy),
                      format == 2 ? channels_last_strides(x->size) : contiguous_strides(x->size));
}
inline std::int64_t axis_of(emitter& e, const arguments& a, std::int64_t d, int rank) {
  const std::int64_t axis = d < 0 ? d + rank : d;
  if (axis < 0 || axis >= rank) {
    e.c.invalid_here("axis of " + a.name, std::to_string(d), std::to_string(rank) + " axes");
    return 0;
  }
  return axis;
}

/// The elements in logical order under new extents; always a contiguous result, which a view of
/// contiguous memory is.
inline value reshaped(emitter& e, tensor_data& x, std::vector<std::int64_t> size) {
  context& c = e.c;
  std::int64_t known = 1, open = -1;
  for (std::size_t i = 0; i < size.size(); ++i) {
    if (size[i] == -1 && open < 0)
      open = static_cast<std::int64_t>(i);
    else if (size[i] < 0 || size[i] > INT32_MAX)
      return c.invalid_here("extent of " + e.operator_name(), std::to_string(size[i]));
    else if (known > INT32_MAX)
      return c.invalid_here("extents of " + e.operator_name());
    else
      known *= size[i];
  }
  if (open >= 0) {
    if (known == 0 || x.elements() % known != 0)
      return c.invalid_here("extents of " + e.operator_name());
    size[static_cast<std::size_t>(open)] = x.elements() / known;
  }
  const dims shape = e.ir_shape(size, false);
  if (c.failed()) return value::unknown();
  const tensor_id in = e.held(x, false), to = e.make(x.type, x.scales, x.zero_points);
  attributes r;
  r.set("shape", std::vector<std::int64_t>(shape.begin(), shape.end()));
  if (!e.node("reshape", {in}, {to}, std::move(r))) return value::unknown();
  return e.wrap(to, x.type, false, false);
}
inline value reshape(emitter& e, arguments& a) {
  tensor_data* x = e.tensor(a, 0);
  auto size = e.integers(a, 1);
  return e.c.failed() || !x ? value::unknown() : reshaped(e, *x, std::move(size));
}
inline value flatten(emitter& e, arguments& a) {
  tensor_data* x = e.tensor(a, 0);
  if (!x || e.c.failed()) return value::unknown();
  if (x->rank() == 0) return reshaped(e, *x, {1});
  const auto from = static_cast<std::size_t>(axis_of(e, a, e.integer(a, 1), x->rank())),
             to = static_cast<std::size_t>(axis_of(e, a, e.integer(a, 2), x->rank()));
  if (e.c.failed()) return value::unknown();
  if (from > to) return e.c.invalid_here("axes of " + a.name);
  if (from == to) return a.v[0];
  std::vector<std::int64_t> size(x->size.begin(),
                                 x->size.begin() + static_cast<std::ptrdiff_t>(from));
  std::int64_t n = 1;
  for (std::size_t i = from; i <= to; ++i) n *= x->size[i];
  size.push_back(n);
  size.insert(size.end(), x->size.begin() + static_cast<std::ptrdiff_t>(to) + 1, x->size.end());
  return reshaped(e, *x, std::move(size));
}
inline value squeeze(emitter& e, arguments& a) {
  tensor_data* x = e.tensor(a, 0);
  if (!x || e.c.failed()) return value::unknown();
  std::vector<bool> drop(x->size.size(), e.none(a, 1));
  if (!e.none(a, 1))
    for (std::int64_t d : e.integers(a, 1))
      drop[static_cast<std::size_t>(axis_of(e, a, d, x->rank()))] = true;
  std::vector<std::int64_t> size;
  for (std::size_t i = 0; i < x->size.size() && !e.c.failed(); ++i)
    if (!drop[i] || x->size[i] != 1) size.push_back(x->size[i]);
  return e.c.failed() ? value::unknown() : reshaped(e, *x, std::move(size));
}
inline value unsqueeze(emitter& e, arguments& a) {
  tensor_data* x = e.tensor(a, 0);
  if (!x || e.c.failed()) return value::unknown();
  const std::int64_t at = axis_of(e, a, e.integer(a, 1), x->rank() + 1);
  std::vector<std::int64_t> size = x->size;
  size.insert(size.begin() + at, 1);
  return e.c.failed() ? value::unknown() : reshaped(e, *x, std::move(size));
}
inline value permuted(emitter& e, tensor_data& x, const std::vector<std::int64_t>& order) {
  context& c = e.c;
  std::vector<std::int64_t> stride;
  bool identity = true;
  for (std::size_t i = 0; i < order.size(); ++i) {
    stride.push_back(x.stride[static_cast<std::size_t>(order[i])]);
    identity &= order[i] == static_cast<std::int64_t>(i);
  }
  if (identity) return c.values.tensor(x);
  if (e.quantized(x) && !e.per_tensor(x)) return value::unknown();
  const tensor_id in = e.held(x, false), to = e.make(x.type, x.scales, x.zero_points);
  if (c.failed() || !e.transpose(in, to, order)) return value::unknown();
  return with_strides(e, e.wrap(to, x.type, false, false), std::move(stride));
}
inline value permute(emitter& e, arguments& a) {
  tensor_data* x = e.tensor(a, 0);
  auto order = e.integers(a, 1);
  if (!x || e.c.failed()) return value::unknown();
  if (order.size() != x->size.size())
    return e.c.invalid_here("axes of permute", std::to_string(order.size()),
                            std::to_string(x->rank()));
  std::vector<bool> seen(order.size(), false);
  for (std::int64_t& d : order) {
    d = axis_of(e, a, d, x->rank());
    if (e.c.failed()) return value::unknown();
    if (seen[static_cast<std::size_t>(d)])
      return e.c.invalid_here("an axis of permute is given twice", std::to_string(d));
    seen[static_cast<std::size_t>(d)] = true;
  }
  return permuted(e, *x, order);
}
inline value transpose(emitter& e, arguments& a) {
  tensor_data* x = e.tensor(a, 0);
  if (!x || e.c.failed()) return value::unknown();
  const auto p = static_cast<std::size_t>(axis_of(e, a, e.integer(a, 1), x->rank())),
             q = static_cast<std::size_t>(axis_of(e, a, e.integer(a, 2), x->rank()));
  if (e.c.failed()) return value::unknown();
  std::vector<std::int64_t> order;
  for (int i = 0; i < x->rank(); ++i) order.push_back(i);
  std::swap(order[p], order[q]);
  return permuted(e, *x, order);
}
/// A piece [begin, begin + size) along one logical axis, in the layout the value already has. Its
/// strides stay those of the whole.
inline value sliced(emitter& e, tensor_data& x, std::int64_t axis, std::int64_t begin,
                    std::int64_t size) {
  context& c = e.c;
  const tensor_id in = x.constant() ? e.held(x, false) : x.id;
  if (c.failed()) return value::unknown();
  const bool inner = !x.constant() && x.channels_inner;
  std::vector<std::int64_t> from(x.size.size(), 0), count;
  for (std::int32_t v : c.g[in].shape) count.push_back(v);
  const auto at =
      static_cast<std::size_t>(emitter::ir_axis(static_cast<int>(axis), x.rank(), inner));
  from[at] = begin;
  count[at] = size;
  const tensor_id to = e.make(x.type, x.scales, x.zero_points);
  attributes s;
  s.set("begin", from);
  s.set("size", count);
  if (!e.node("slice", {in}, {to}, std::move(s))) return value::unknown();
  return with_strides(e, e.wrap(to, x.type, inner, false), x.stride);
}
inline value slice(emitter& e, arguments& a) {
  tensor_data* x = e.tensor(a, 0);
  if (!x || e.c.failed()) return value::unknown();
  const std::int64_t axis = axis_of(e, a, e.integer(a, 1), x->rank());
  if (e.c.failed() || x->rank() == 0) return value::unknown();
  const std::int64_t n = x->size[static_cast<std::size_t>(axis)];
  const auto bound = [&](std::size_t i, std::int64_t otherwise) {
    return e.none(a, i) ? otherwise : e.integer(a, i);
  };
  std::int64_t begin = bound(2, 0), end = bound(3, INT64_MAX);
  if (e.integer(a, 4) != 1)
    return e.c.unsupported_here("step of a slice", std::to_string(e.integer(a, 4)), "1");
  if (begin < 0) begin += n;
  if (end < 0) end += n;
  begin = std::clamp<std::int64_t>(begin, 0, n);
  end = std::clamp<std::int64_t>(end, begin, n);
  if (begin == 0 && end == n) return a.v[0];
  return e.c.failed() ? value::unknown() : sliced(e, *x, axis, begin, end - begin);
}
inline value select(emitter& e, arguments& a) {
  tensor_data* x = e.tensor(a, 0);
  if (!x || e.c.failed()) return value::unknown();
  const std::int64_t axis = axis_of(e, a, e.integer(a, 1), x->rank());
  std::int64_t at = e.integer(a, 2);
  if (e.c.failed() || x->rank() == 0) return value::unknown();
  const std::int64_t n = x->size[static_cast<std::size_t>(axis)];
  if (at < 0) at += n;
  if (at < 0 || at >= n)
    return e.c.invalid_here("index of select", std::to_string(at), std::to_string(n));
  const value piece = sliced(e, *x, axis, at, 1);
  if (!piece.is(kind::tensor)) return piece;
  std::vector<std::int64_t> size = x->size;
  size.erase(size.begin() + axis);
  return reshaped(e, *piece.t, std::move(size));
}
/// chunk(x, n, dim): pieces of ceil(extent / n). split(x, size or sizes, dim).
template <bool Chunk> value pieces(emitter& e, arguments& a) {
  tensor_data* x = e.tensor(a, 0);
  if (!x || e.c.failed()) return value::unknown();
  const std::int64_t axis = axis_of(e, a, e.integer(a, 2), x->rank());
  if (e.c.failed() || x->rank() == 0) return value::unknown();
  const std::int64_t n = x->size[static_cast<std::size_t>(axis)];
  std::vector<std::int64_t> sizes = e.integers(a, 1);
  if (e.c.failed()) return value::unknown();
  if (!a.v[1].is_sequence()) {
    const std::int64_t given = sizes.empty() ? 0 : sizes[0];
    if (given < 1) return e.c.invalid_here("number of pieces of " + a.name, std::to_string(given));
    const std::int64_t step = std::max<std::int64_t>(Chunk ? (n + given - 1) / given : given, 1);
    if (n / step > 4096) return e.c.fail(errc::too_large, "pieces of " + a.name);
    sizes.clear();
    for (std::int64_t at = 0; at < n; at += step) sizes.push_back(std::min(step, n - at));
  }
  std::vector<value> out;
  std::int64_t at = 0;
  for (std::int64_t s : sizes) {
    if (s < 0 || at + s > n) return e.c.invalid_here("pieces of " + a.name);
    out.push_back(sliced(e, *x, axis, at, s));
    if (e.c.failed()) return value::unknown();
    at += s;
  }
  return e.c.values.list(std::move(out));
}
/// [N, g*k, H, W] seen as [N, g, k, H, W] with g and k exchanged.
inline value channel_shuffle(emitter& e, arguments& a) {
  tensor_data* x = e.tensor(a, 0);
  const std::int64_t g = e.integer(a, 1);
  if (!x || e.c.failed()) return value::unknown();
  if (x->rank() != 4 || g < 1 || x->size[1] % g != 0)
    return e.c.invalid_here("groups of channel_shuffle", std::to_string(g));
  const bool inner = !x->constant() && x->channels_inner;
  const std::int64_t k = x->size[1] / g, n = x->size[0], pixels = x->size[2] * x->size[3];
  const tensor_id in = e.held(*x, inner), split = e.make(x->type, x->scales, x->zero_points),
                  moved = e.make(x->type, x->scales, x->zero_points),
                  to = e.make(x->type, x->scales, x->zero_points);
  if (e.c.failed()) return value::unknown();
  attributes r, back;
  r.set("shape", inner ? std::vector<std::int64_t>{n * pixels, g, k}
                       : std::vector<std::int64_t>{n, g, k, pixels});
  if (!e.node("reshape", {in}, {split}, std::move(r)) ||
      !e.transpose(
          split, moved,
          inner ? std::vector<std::int64_t>{0, 2, 1} : std::vector<std::int64_t>{0, 2, 1, 3}))
    return value::unknown();
  const dims shape = e.c.g[in].shape;
  back.set("shape", std::vector<std::int64_t>(shape.begin(), shape.end()));
  if (!e.node("reshape", {moved}, {to}, std::move(back))) return value::unknown();
  return e.wrap(to, x->type, inner, suggests_channels_last(*x));
}
/// pad(x, [left, right, top, bottom, ...], mode, value): the last axis first. Constant padding of a
/// quantized tensor writes the code of `value`.
inline value pad(emitter& e, arguments& a) {
  context& c = e.c;
  tensor_data* x = e.tensor(a, 0);
  const auto amounts = e.integers(a, 1);
  const std::string mode = a.v[2].is(kind::string) ? a.v[2].c->text : "constant";
  const double fill = e.none(a, 3) ? 0 : e.real(a, 3);
  if (!x || c.failed()) return value::unknown();
  const int rank = x->rank();
  if (amounts.size() % 2 != 0 || amounts.size() / 2 > static_cast<std::size_t>(rank))
    return c.invalid_here("padding of " + a.name, std::to_string(amounts.size()) + " numbers");
  if (mode != "constant" && mode != "reflect")
    return c.unsupported_here("mode of " + a.name, mode.substr(0, 40), "constant, reflect");
  if (e.quantized(*x) && !e.per_tensor(*x)) return value::unknown();
  const bool inner = !x->constant() && x->channels_inner;
  std::vector<std::int64_t> paddings(2 * static_cast<std::size_t>(rank), 0);
  bool any = false;
  for (std::size_t k = 0; k < amounts.size() / 2; ++k) {
    const auto axis =
        static_cast<std::size_t>(emitter::ir_axis(rank - 1 - static_cast<int>(k), rank, inner));
    paddings[2 * axis] = amounts[2 * k], paddings[2 * axis + 1] = amounts[2 * k + 1];
    any |= amounts[2 * k] != 0 || amounts[2 * k + 1] != 0;
  }
  if (!any) return a.v[0];
  const tensor_id in = e.held(*x, inner), to = e.make(x->type, x->scales, x->zero_points);
  attributes p;
  p.set("paddings", paddings);
  if (mode == "constant") {
    if (e.quantized(*x))
      p.set("value", std::int64_t{quantized_value(fill, *x)});
    else
      p.set("value", fill);
  }
  if (!e.node(mode == "reflect" ? "mirror_pad"
              : e.quantized(*x) ? "qnn.pad"
                                : "pad",
              {in}, {to}, std::move(p)))
    return value::unknown();
  return e.wrap(to, x->type, inner, suggests_channels_last(*x));
}

// ---- pooling ----

/// The kernels take the channels-last path where the input is contiguous that way, also for 1x1
/// images and one channel.
inline bool channels_last_path(const tensor_data& x) { return is_contiguous(x, true); }

template <bool Max> value pool2d(emitter& e, arguments& a) {
  context& c = e.c;
  tensor_data* x = e.tensor(a, 0);
  const auto window = e.pair(a, 1, {0, 0}), stride = e.pair(a, 2, window),
             padding = e.pair(a, 3, {0, 0});
  if (!x || c.failed()) return value::unknown();
  if (x->rank() != 4)
    return c.unsupported_here("rank of the input of " + a.name, std::to_string(x->rank()), "4");
  if (e.quantized(*x) ? !e.per_tensor(*x) : x->type != scalar::f32)
    return c.unsupported_here("element type of " + a.name,
                              std::string(torchscript::name_of(x->type)));
  pool2d_attrs p;
  p.window_h = window[0], p.window_w = window[1], p.stride_h = stride[0], p.stride_w = stride[1];
  p.pad_top = p.pad_bottom = padding[0], p.pad_left = p.pad_right = padding[1];
  rounding round = rounding::none;
  if (Max) {
    const auto dilation = e.pair(a, 4, {1, 1});
    p.dilation_h = dilation[0], p.dilation_w = dilation[1];
    p.ceil_mode = e.boolean(a, 5);
  } else {
    p.ceil_mode = e.boolean(a, 4);
    p.count_include_pad = e.boolean(a, 5);
    if (!e.none(a, 6)) {
      p.divisor = e.small(a, 6, e.integer(a, 6));
      if (p.divisor <= 0)
        return c.invalid_here("divisor_override of " + a.name, std::to_string(p.divisor));
    }
    // QNNPACK counts padding always and knows no divisor: where the program asks for something
    // else, the native kernel's formula is the documented one.
    const bool qnn = e.qnnpack() && x->type == scalar::quint8 && !p.ceil_mode &&
                     p.count_include_pad && p.divisor == 0;
    if (e.quantized(*x))
      round = qnn ? rounding::QNN : channels_last_path(*x) ? rounding::F : rounding::FZ;
  }
  const tensor_id in = e.held(*x, true), to = e.make(x->type, x->scales, x->zero_points);
  if (c.failed()) return value::unknown();
  const std::string op =
      std::string(e.quantized(*x) ? "qnn." : "") + (Max ? "max_pool2d" : "avg_pool2d");
  if (!e.node(op, {in}, {to}, to_attributes(p), round)) return value::unknown();
  return e.wrap(to, x->type, true, suggests_channels_last(*x));
}
inline value adaptive_avg_pool2d(emitter& e, arguments& a) {
  context& c = e.c;
  tensor_data* x = e.tensor(a, 0);
  if (!x || !a.v[1].is_sequence() || a.v[1].c->items.size() != 2 || c.failed())
    return c.failed() ? value::unknown() : c.unsupported_here("output size of " + a.name);
  if (x->rank() != 4)
    return c.unsupported_here("rank of the input of " + a.name, std::to_string(x->rank()), "4");
  if (e.quantized(*x) ? !e.per_tensor(*x) : x->type != scalar::f32)
    return c.unsupported_here("element type of " + a.name,
                              std::string(torchscript::name_of(x->type)));
  std::int32_t out[2];
  for (std::size_t k = 0; k < 2; ++k) {
    const value& v = a.v[1].c->items[k];
    if (!v.is(kind::integer) && !v.is(kind::none))
      return c.unsupported_here("output size of " + a.name);
    out[k] = e.small(a, 1, v.is(kind::none) ? x->size[2 + k] : v.i);
  }
  pool2d_attrs p;
  p.adaptive_h = out[0], p.adaptive_w = out[1];
  // QNNPACK pools with one window for all outputs: only where the extents divide.
  const bool qnn = e.qnnpack() && x->type == scalar::quint8 && out[0] > 0 && out[1] > 0 &&
                   x->size[2] % out[0] == 0 && x->size[3] % out[1] == 0 &&
                   !(x->size[2] == out[0] && x->size[3] == out[1]);
  const rounding round = !e.quantized(*x)         ? rounding::none
                         : qnn                    ? rounding::QNN
                         : channels_last_path(*x) ? rounding::F
                                                  : rounding::ATEN;
  const tensor_id in = e.held(*x, true), to = e.make(x->type, x->scales, x->zero_points);
  if (c.failed()) return value::unknown();
  if (!e.node(e.quantized(*x) ? "qnn.avg_pool2d" : "avg_pool2d", {in}, {to}, to_attributes(p),
              round))
    return value::unknown();
  return e.wrap(to, x->type, true, suggests_channels_last(*x));
}
/// upsample_nearest2d(x, size, scales) and (x, size, scale_h, scale_w); the same for bilinear with
/// align_corners after the size. A given factor, not the ratio of extents, sets the source
/// coordinates.
template <bool Bilinear> value upsample(emitter& e, arguments& a) {
  context& c = e.c;
  tensor_data* x = e.tensor(a, 0);
  constexpr std::size_t at = Bilinear ? 3 : 2;
  if (!x || c.failed()) return value::unknown();
  if (x->rank() != 4)
    return c.unsupported_here("rank of the input of " + a.name, std::to_string(x->rank()), "4");
  if (e.quantized(*x) ? !e.per_tensor(*x) : (x->type != scalar::f32 || Bilinear))
    return c.failed()
               ? value::unknown()
               : c.unsupported_here("element type of " + a.name,
                                    std::string(torchscript::name_of(x->type)), "quint8, qint8");
  double scale[2] = {0, 0};
  if (a.v[at].is_sequence()) {
    for (std::size_t k = 0; k < 2 && a.v[at].c->items.size() == 2; ++k) {
      arguments one{a.name, {a.v[at].c->items[k]}};
      scale[k] = e.real(one, 0);
    }
  } else {
    for (std::size_t k = 0; k < 2; ++k)
      if (!e.none(a, at + k)) scale[k] = e.real(a, at + k);
  }
  std::vector<std::int64_t> size;
  if (!e.none(a, 1)) size = e.integers(a, 1);
  if (size.empty())
    for (std::size_t k = 0; k < 2; ++k)
      size.push_back(static_cast<std::int64_t>(numerics::floor(
          numerics::clamp(numerics::mul(static_cast<double>(x->size[2 + k]), scale[k]), 0., 1e9))));
  if (c.failed() || size.size() != 2)
    return c.failed() ? value::unknown() : c.invalid_here("output size of " + a.name);
  resize_attrs r;
  r.out_h = e.small(a, 1, size[0]), r.out_w = e.small(a, 1, size[1]);
  r.scale_h = scale[0], r.scale_w = scale[1];
  if (Bilinear) {
    r.align_corners = e.boolean(a, 2);
    r.half_pixel_centers = !r.align_corners;
  }
  const bool last = channels_last_path(*x);
  const tensor_id in = e.held(*x, true), to = e.make(x->type, x->scales, x->zero_points);
  if (c.failed() ||
      !e.node(Bilinear ? "qnn.resize_bilinear" : "resize_nearest", {in}, {to}, to_attributes(r),
              !Bilinear ? rounding::none
              : last    ? rounding::FMA
                        : rounding::ATEN))
    return value::unknown();
  return e.wrap(to, x->type, true, suggests_channels_last(*x));
}

/// mean over axes. Contiguous innermost axes of a quantized tensor: the kernel sums the codes.
/// Others are dequantized, averaged and quantized.
inline value mean(emitter& e, arguments& a) {
  context& c = e.c;
  tensor_data* x = e.tensor(a, 0);
  if (!x || c.failed()) return value::unknown();
  const int rank = x->rank();
  std::vector<bool> reduced(static_cast<std::size_t>(rank), e.none(a, 1));
  if (!e.none(a, 1)) {
    const auto axes = e.integers(a, 1);
    for (std::int64_t d : axes)
      reduced[static_cast<std::size_t>(axis_of(e, a, d, std::max(rank, 1)))] = true;
    if (axes.empty()) reduced.assign(reduced.size(), true);
  }
  const bool keep = e.boolean(a, 2);
  if (c.failed()) return value::unknown();
  if (e.quantized(*x) ? !e.per_tensor(*x) : x->type != scalar::f32)
    return c.unsupported_here("element type of " + a.name,
                              std::string(torchscript::name_of(x->type)));
  bool innermost = true, seen = false;
  for (bool r : reduced) {
    if (seen && !r) innermost = false;
    seen |= r;
  }
  const bool raw = e.quantized(*x) && innermost && is_contiguous(*x, false);
  const bool spatial = rank == 4 && !reduced[0] && !reduced[1] && reduced[2] && reduced[3],
             qnn = e.quantized(*x) && e.qnnpack() && spatial;
  const bool summed = !raw && !qnn;  // as floats, in an order that depends on the memory format
  const bool inner =
      (spatial && x->channels_inner && !x->constant()) || (summed && suggests_channels_last(*x));
  const tensor_id in = e.held(*x, inner);
  if (c.failed()) return value::unknown();
  attributes r;
  std::vector<std::int64_t> axes;
  for (int i = 0; i < rank; ++i)
    if (reduced[static_cast<std::size_t>(i)]) axes.push_back(emitter::ir_axis(i, rank, inner));
  r.set("axes", axes);
  if (keep) r.set("keep_dims", std::int64_t{1});
  if (summed && inner) r.set("channels_last", std::int64_t{1});
  tensor_id to = no_tensor;
  if (!e.quantized(*x)) {
    to = e.make(scalar::f32);
    if (!e.node("mean", {in}, {to}, std::move(r), rounding::ATEN)) return value::unknown();
  } else if (qnn) {
    to = e.make(x->type, x->scales, x->zero_points);
    if (!e.node("qnn.mean", {in}, {to}, std::move(r), rounding::QNN)) return value::unknown();
  } else if (raw) {
    to = e.make(x->type, x->scales, x->zero_points);
    if (!e.node("qnn.mean", {in}, {to}, std::move(r), rounding::EVEN)) return value::unknown();
  } else {
    const tensor_id f = e.make(scalar::f32), m = e.make(scalar::f32);
    to = e.make(x->type, x->scales, x->zero_points);
    if (!e.node("qnn.dequantize", {in}, {f}) ||
        !e.node("mean", {f}, {m}, std::move(r), rounding::ATEN) ||
        !e.node("qnn.quantize", {m}, {to}, {}, rounding::EVEN_MUL))
      return value::unknown();
  }
  // What is left of a tensor held channels last keeps its axes in that order only where all of them
  // are left.
  if (inner && !keep && rank == 4 && !reduced[0] + !reduced[1] + !reduced[2] + !reduced[3] > 1) {
    const bool channels = !reduced[1];
    std::vector<std::int64_t> order;  // axis of octet's output for each of PyTorch's
    std::vector<std::int64_t> held;
    for (int i : {0, 2, 3, 1})
      if (!reduced[static_cast<std::size_t>(i)]) held.push_back(i);
    for (int i = 0; i < rank; ++i)
      if (!reduced[static_cast<std::size_t>(i)])
        order.push_back(std::find(held.begin(), held.end(), i) - held.begin());
    bool moved = false;
    for (std::size_t i = 0; i < order.size(); ++i)
      moved |= order[i] != static_cast<std::int64_t>(i);
    if (channels && moved) {
      const tensor_id plain = e.make(x->type, x->scales, x->zero_points);
      if (!e.transpose(to, plain, order)) return value::unknown();
      to = plain;
    }
  }
  return e.wrap(to, x->type, keep && inner, keep && !summed && suggests_channels_last(*x));
}

}  // namespace torchscript::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_SHAPE_HPP_
