// Rows of windows and reductions: pooling, means; nearest-neighbour and bilinear resizing.
#ifndef OCTET_IMPORT_TORCH_ROWS_POOL_HPP_
#define OCTET_IMPORT_TORCH_ROWS_POOL_HPP_

#include <algorithm>

#include "octet/import/torch/rows_shape.hpp"
#include "octet/ops/dequantize.hpp"
#include "octet/ops/pool2d.hpp"
#include "octet/ops/quantize.hpp"
#include "octet/ops/reduce.hpp"
#include "octet/ops/resize.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

/// An image [N,C,H,W], quantized with one scale or float32.
inline status image(const emitter& e, const arguments& a, const tensor_data& x) {
  if (x.rank() != 4)
    return unsupported("rank of the input of " + a.name, std::to_string(x.rank()), "4");
  return e.per_tensor_or_float(x);
}
/// A node from an image to one of the same type and quantization.
inline result<value> image_node(emitter& e, tensor_data& x, const op_def& op, attributes attrs) {
  const auto in = e.held(x, true);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  if (auto s = e.emit(op, {*in}, to, std::move(attrs), {.framework = e.facts_of(x, true)}); !s)
    return s.error();
  return e.wrap(to, x.type, true, suggests_channels_last(x));
}

// ---- pooling ----

/// Window, strides and padding of a pooling.
inline pool2d_attrs window_of(arguments& a) {
  const auto window = a.pair("kernel_size", {0, 0}), stride = a.pair("stride", window),
             padding = a.pair("padding", {0, 0});
  pool2d_attrs p;
  p.window_h = window[0], p.window_w = window[1], p.stride_h = stride[0], p.stride_w = stride[1];
  p.pad_top = p.pad_bottom = padding[0], p.pad_left = p.pad_right = padding[1];
  return p;
}
inline result<value> max_pool2d(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(a.first());
  pool2d_attrs p = window_of(a);
  const auto dilation = a.pair("dilation", {1, 1});
  p.dilation_h = dilation[0], p.dilation_w = dilation[1];
  p.ceil_mode = a.boolean("ceil_mode");
  if (auto s = a.check(); !s) return s.error();
  if (auto s = image(e, a, *x); !s) return s.error();
  return image_node(e, *x, is_quantized(x->type) ? ops::qnn_max_pool2d : ops::max_pool2d,
                    to_attributes(p));
}
inline result<value> avg_pool2d(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  pool2d_attrs p = window_of(a);
  p.ceil_mode = a.boolean("ceil_mode");
  p.count_include_pad = a.boolean("count_include_pad");
  const bool divided = !a.none("divisor_override");
  if (divided) p.divisor = a.small("divisor_override", a.integer("divisor_override"));
  if (auto s = a.check(); !s) return s.error();
  if (divided && p.divisor <= 0)
    return invalid("divisor_override of " + a.name, std::to_string(p.divisor));
  if (auto s = image(e, a, *x); !s) return s.error();
  return image_node(e, *x, is_quantized(x->type) ? ops::qnn_avg_pool2d : ops::avg_pool2d,
                    to_attributes(p));
}
inline result<value> mean(emitter& e, arguments& a);
/// One float for each channel: PyTorch takes the mean, whose sum has another order than a pool's.
inline result<value> global_mean(emitter& e, arguments& a, tensor_data& x) {
  std::vector<std::int64_t> axes;
  for (int i = 2; i < x.rank(); ++i) axes.push_back(i);
  arguments as(
      e.c, a.name,
      {{"self", value_of(x)}, {"dim", e.c.values.integers(axes)}, {"keepdim", value::of(true)}});
  const auto y = mean(e, as);
  if (!y || !suggests_channels_last(x)) return y;
  return with_strides(e, *y, channels_last_strides(y->t->size));
}
inline result<value> adaptive_avg_pool2d(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (auto s = image(e, a, *x); !s) return s.error();
  const value size = a["output_size"];
  if (!size.is_sequence() || size.c->items.size() != 2)
    return unsupported("output size of " + a.name);
  std::int32_t out[2];
  for (std::size_t k = 0; k < 2; ++k) {
    const value& v = size.c->items[k];
    if (!v.is(kind::integer) && !v.is(kind::none)) return unsupported("output size of " + a.name);
    out[k] = a.small("output_size", v.is(kind::none) ? x->size[2 + k] : v.i);
  }
  if (auto s = a.check(); !s) return s.error();
  if (!is_quantized(x->type) && out[0] == 1 && out[1] == 1) return global_mean(e, a, *x);
  pool2d_attrs p;
  p.adaptive_h = out[0], p.adaptive_w = out[1];
  return image_node(e, *x, is_quantized(x->type) ? ops::qnn_avg_pool2d : ops::avg_pool2d,
                    to_attributes(p));
}

/// adaptive_max_pool2d(x, size): the values; nobody has asked for the indices.
inline result<value> adaptive_max_pool2d(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const auto out = a.pair("output_size", {0, 0});
  if (auto s = a.check(); !s) return s.error();
  if (auto s = image(e, a, *x); !s) return s.error();
  pool2d_attrs p;
  p.adaptive_h = out[0], p.adaptive_w = out[1];
  const auto y = image_node(e, *x, is_quantized(x->type) ? ops::qnn_max_pool2d : ops::max_pool2d,
                            to_attributes(p));
  if (!y) return y;
  return e.c.values.list({*y, e.c.values.not_computed("indices of " + a.name)}, kind::tuple);
}

// ---- one axis instead of two ----

/// [N, C, L] as the image [N, C, 1, L], and back; layout and strides stay.
inline result<value> as_one_row(emitter& e, const arguments& a, tensor_data& x) {
  if (x.rank() != 3)
    return unsupported("rank of the input of " + a.name, std::to_string(x.rank()), "3");
  const auto in = e.held_as_is(x);
  if (!in) return in.error();
  const bool inner = !x.constant() && x.channels_inner;
  const tensor_id to = e.make_like(x);
  const auto n = x.size[0], c = x.size[1], l = x.size[2];
  if (auto s = e.reshape(
          *in, to,
          inner ? std::vector{n, std::int64_t{1}, l, c} : std::vector{n, c, std::int64_t{1}, l});
      !s)
    return s.error();
  return with_strides(e, e.wrap(to, x.type, inner, false),
                      {x.stride[0], x.stride[1], l * x.stride[2], x.stride[2]});
}
inline result<value> as_line(emitter& e, const value& row) {
  if (!row.is(kind::tensor)) return row;
  tensor_data& x = *row.t;
  const auto in = e.held_as_is(x);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  const auto n = x.size[0], c = x.size[1], l = x.size[3];
  if (auto s = e.reshape(*in, to, x.channels_inner ? std::vector{n, l, c} : std::vector{n, c, l});
      !s)
    return s.error();
  return with_strides(e, e.wrap(to, x.type, x.channels_inner, false),
                      {x.stride[0], x.stride[1], x.stride[3]});
}
using row_function = result<value> (*)(emitter&, arguments&);
/// A parameter of numbers of one axis each, and the neutral number of the height.
struct axis_parameter {
  std::string_view name;
  std::int64_t height;
};
inline constexpr axis_parameter axis_parameters[] = {
    {"kernel_size", 1}, {"stride", 1}, {"padding", 0}, {"dilation", 1}, {"output_size", 1}};
/// The operator of two axes on one.
template <row_function Of> result<value> on_one_row(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(a.first());
  if (auto s = a.check(); !s) return s.error();
  const auto row = as_one_row(e, a, *x);
  if (!row) return row;
  arguments two = a;
  two.replace(a.first(), *row);
  for (const axis_parameter& p : axis_parameters) {
    if (!a.has(p.name)) continue;
    const std::vector<std::int64_t> given = a.integers(p.name);
    if (auto s = a.check(); !s) return s.error();
    if (!given.empty()) two.replace(p.name, e.c.values.integers({p.height, given.back()}));
  }
  const auto y = Of(e, two);
  if (!y) return y;
  if (!y->is(kind::tuple)) return as_line(e, *y);
  const auto line = as_line(e, y->c->items[0]);
  if (!line) return line;
  return e.c.values.list({*line, y->c->items[1]}, kind::tuple);
}

// ---- three axes ----

/// [N, C, D, H, W] in the layout [N, D, H, W, C].
inline result<tensor_id> volume(emitter& e, const arguments& a, tensor_data& x) {
  if (x.rank() != 5)
    return unsupported("rank of the input of " + a.name, std::to_string(x.rank()), "5");
  if (auto s = e.per_tensor_or_float(x); !s) return s.error();
  return e.held(x, true);
}
/// max_pool3d: the largest of each image's windows, then along the depth.
inline result<value> max_pool3d(emitter& e, arguments& a) {
  constexpr std::string_view parameters[] = {"kernel_size", "stride", "padding", "dilation"};
  tensor_data* x = a.tensor("self");
  std::vector<std::int64_t> list[4];
  for (std::size_t k = 0; k < 4; ++k) {
    list[k] = a.integers(parameters[k]);
    if (list[k].empty()) list[k] = k == 1 ? list[0] : std::vector<std::int64_t>{k == 3 ? 1 : 0};
    if (list[k].size() == 1) list[k].resize(3, list[k][0]);
  }
  const bool ceil_mode = a.boolean("ceil_mode");
  if (auto s = a.check(); !s) return s.error();
  for (const auto& l : list)
    if (l.size() != 3) return invalid("window of " + a.name);
  const auto in = volume(e, a, *x);
  if (!in) return in.error();
  const op_def& op = is_quantized(x->type) ? ops::qnn_max_pool2d : ops::max_pool2d;
  tensor_id at = *in;
  for (int pass = 0; pass < 2; ++pass) {  // height and width, then depth
    const dims s = e.g[at].shape;         // [N, D, H, W, C]
    const tensor_id image = e.make_like(*x), pooled = e.make_like(*x), back = e.make_like(*x);
    const bool deep = pass == 1;
    using shape = std::vector<std::int64_t>;
    const std::int64_t n = s[0], d = s[1], h = s[2], w = s[3], c = s[4];
    if (auto r = e.reshape(at, image, deep ? shape{n, d, h * w, c} : shape{n * d, h, w, c}); !r)
      return r.error();
    pool2d_attrs p;
    p.ceil_mode = ceil_mode;
    const std::size_t first = deep ? 0 : 1;
    p.window_h = a.small("kernel_size", list[0][first]);
    p.stride_h = a.small("stride", list[1][first]);
    p.pad_top = p.pad_bottom = a.small("padding", list[2][first]);
    p.dilation_h = a.small("dilation", list[3][first]);
    if (!deep) {
      p.window_w = a.small("kernel_size", list[0][2]), p.stride_w = a.small("stride", list[1][2]);
      p.pad_left = p.pad_right = a.small("padding", list[2][2]);
      p.dilation_w = a.small("dilation", list[3][2]);
    }
    if (auto r = a.check(); !r) return r.error();
    if (auto r = e.emit(op, {image}, pooled, to_attributes(p)); !r) return r.error();
    const dims o = e.g[pooled].shape;
    if (auto r =
            e.reshape(pooled, back, deep ? shape{n, o[1], h, w, c} : shape{n, d, o[1], o[2], c});
        !r)
      return r.error();
    at = back;
  }
  return e.wrap(at, x->type, true, false);
}
/// A volume [N, D, H, W, C] with that many planes, rows and columns of zeros around it.
inline result<tensor_id> padded_volume(emitter& e, const tensor_data& x, tensor_id at,
                                       const std::vector<std::int64_t>& pad) {
  const tensor_id wider = e.make_like(x);
  attributes around;
  around.set("paddings",
             std::vector<std::int64_t>{0, 0, pad[0], pad[0], pad[1], pad[1], pad[2], pad[2], 0, 0});
  if (is_quantized(x.type)) around.set("value", std::int64_t{x.zero_points[0]});
  const op_def& op = is_quantized(x.type) ? ops::qnn_pad : ops::pad;
  if (auto s = e.emit(op, {at}, wider, std::move(around)); !s) return s.error();
  return wider;
}
/// The rows of the windows over depth and height of a volume of that height, one window after
/// another. `outs`: windows along both.
inline std::vector<std::int32_t> rows_of_windows(std::span<const std::int64_t> outs,
                                                 const std::vector<std::int64_t>& size,
                                                 const std::vector<std::int64_t>& stride,
                                                 std::int64_t height) {
  std::vector<std::int32_t> list;
  for (std::int64_t d = 0; d < outs[0]; ++d)
    for (std::int64_t h = 0; h < outs[1]; ++h)
      for (std::int64_t k = 0; k < size[0] * size[1]; ++k)
        list.push_back(static_cast<std::int32_t>((d * stride[0] + k / size[1]) * height +
                                                 h * stride[1] + k % size[1]));
  return list;
}
/// Rows of a volume as an image: with the volume's strides, or its channels last.
inline value image_of_volume(emitter& e, const tensor_data& x, tensor_id image,
                             bool channels_last) {
  value v = e.wrap(image, x.type, true, false);
  v.t->stride = channels_last ? channels_last_strides(v.t->size)
                              : std::vector{x.stride[0], x.stride[1], x.stride[2], x.stride[4]};
  e.g[image].format = format_of(suggests_channels_last(*v.t));
  return v;
}
/// avg_pool3d as avg_pool2d: the rows of each window over depth and height, one after another, as
/// an image of their own.
inline result<value> avg_pool3d(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  std::vector<std::int64_t> size = a.integers("kernel_size"), stride = a.integers("stride"),
                            pad = a.integers("padding");
  if (a.boolean("ceil_mode")) return unsupported("ceil_mode of " + a.name, "True", "False");
  const bool counted = a.boolean("count_include_pad");
  if (stride.empty()) stride = size;
  const std::pair<std::string_view, std::vector<std::int64_t>*> lists[] = {
      {"kernel_size", &size}, {"stride", &stride}, {"padding", &pad}};
  for (const auto& [parameter, l] : lists) {
    if (l->size() == 1) l->resize(3, (*l)[0]);
    if (l->size() != 3) return invalid("window of " + a.name);
    for (std::int64_t v : *l) a.small(parameter, v);
  }
  if (auto s = a.check(); !s) return s.error();
  const bool padded = pad[0] != 0 || pad[1] != 0 || pad[2] != 0;
  if (padded && !counted) return unsupported("padding of " + a.name + " that does not count");
  const auto in = volume(e, a, *x);
  if (!in) return in.error();
  tensor_id at = *in;
  if (padded) {
    const auto wider = padded_volume(e, *x, at, pad);
    if (!wider) return wider.error();
    at = *wider;
  }
  const dims s = e.g[at].shape;  // [N, D, H, W, C]
  const std::int64_t outs[] = {(s[1] - size[0]) / std::max<std::int64_t>(stride[0], 1) + 1,
                               (s[2] - size[1]) / std::max<std::int64_t>(stride[1], 1) + 1};
  if (size[0] < 1 || size[1] < 1 || stride[0] < 1 || stride[1] < 1 || s[1] < size[0] ||
      s[2] < size[1])
    return invalid("window of " + a.name);
  const std::int64_t rows = size[0] * size[1];
  const std::size_t count = as_size(outs[0] * outs[1] * rows);
  if (auto limit = e.c.build.make_constant(count * sizeof(std::int32_t)); !limit)
    return limit.error();
  const auto list = rows_of_windows(outs, size, stride, s[2]);
  const tensor_id flat = e.make_like(*x), image = e.make_like(*x), y = e.make_like(*x);
  if (auto r = e.reshape(at, flat, {s[0], std::int64_t{s[1]} * s[2], s[3], s[4]}); !r)
    return r.error();
  attributes along_rows;
  along_rows.set("axis", std::int64_t{1});
  if (auto r = e.emit(ops::gather, {flat, e.c.build.constant(list)}, image, std::move(along_rows));
      !r)
    return r.error();
  const std::int64_t c = s[4];
  // Codes are averaged with their channels innermost, whatever the tensor's format.
  const value windows = image_of_volume(e, *x, image, is_quantized(x->type));
  arguments two(e.c, a.name,
                {{"self", windows},
                 {"kernel_size", e.c.values.integers({rows, size[2]})},
                 {"stride", e.c.values.integers({rows, stride[2]})},
                 {"padding", e.c.values.integers({0, 0})},
                 {"ceil_mode", value::of(false)},
                 {"count_include_pad", value::of(true)},
                 {"divisor_override", a["divisor_override"]}});
  const auto pooled = avg_pool2d(e, two);
  if (!pooled) return pooled;
  const auto line = e.held(*pooled->t, true);
  if (!line) return line.error();
  const std::int64_t width = e.g[*line].shape[2];
  if (auto r = e.reshape(*line, y, {s[0], outs[0], outs[1], width, c}); !r) return r.error();
  return e.wrap(y, x->type, true, false);
}
/// adaptive_avg_pool3d to one element a channel: one average of the whole volume, as an image of
/// D rows.
inline result<value> adaptive_avg_pool3d(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  auto size = a.integers("output_size");
  if (auto s = a.check(); !s) return s.error();
  if (size.size() == 1) size.resize(3, size[0]);
  if (size != std::vector<std::int64_t>{1, 1, 1})
    return unsupported("output size of " + a.name, {}, "1, 1, 1");
  if (x->rank() == 5 && x->type == scalar::f32) return global_mean(e, a, *x);
  const auto in = volume(e, a, *x);
  if (!in) return in.error();
  const dims s = e.g[*in].shape;
  const tensor_id image = e.make_like(*x);
  if (auto r = e.reshape(*in, image, {s[0], s[1], std::int64_t{s[2]} * s[3], s[4]}); !r)
    return r.error();
  const auto c = static_cast<std::int64_t>(s[4]);
  const value rows = image_of_volume(e, *x, image, false);
  arguments two(e.c, a.name, {{"self", rows}, {"output_size", e.c.values.integers({1, 1})}});
  const auto y = adaptive_avg_pool2d(e, two);
  if (!y) return y;
  return reshaped(e, *y->t, {s[0], c, 1, 1, 1});
}

// ---- resizing ----

/// The given one, or where it is none the input's extents times the given factors.
inline result<std::vector<std::int64_t>> output_size(arguments& a, const tensor_data& x,
                                                     const std::array<double, 2>& scale) {
  std::vector<std::int64_t> size;
  if (!a.none("output_size")) size = a.integers("output_size");
  if (auto s = a.check(); !s) return s.error();
  if (size.empty())
    for (std::size_t k = 0; k < 2; ++k)
      size.push_back(static_cast<std::int64_t>(numerics::floor(
          numerics::clamp(numerics::mul(static_cast<double>(x.size[2 + k]), scale[k]), 0., 1e9))));
  if (size.size() != 2) return invalid("output size of " + a.name);
  return size;
}
/// A given factor, not the ratio of extents, sets the source coordinates.
template <bool Bilinear>
result<value> resized(emitter& e, arguments& a, tensor_data& x,
                      const std::array<double, 2>& scale) {
  resize_attrs r;
  if (Bilinear) {
    r.align_corners = a.boolean("align_corners");
    r.half_pixel_centers = !r.align_corners;
  }
  if (auto s = a.check(); !s) return s.error();
  if (auto s = image(e, a, x); !s) return s.error();
  const auto size = output_size(a, x, scale);
  if (!size) return size.error();
  r.out_h = a.small("output_size", (*size)[0]), r.out_w = a.small("output_size", (*size)[1]);
  if (auto s = a.check(); !s) return s.error();
  r.scale_h = scale[0], r.scale_w = scale[1];
  const op_def& bilinear = is_quantized(x.type) ? ops::qnn_resize_bilinear : ops::resize_bilinear;
  return image_node(e, x, Bilinear ? bilinear : ops::resize_nearest, to_attributes(r));
}
/// upsample_nearest2d(x, size, scales) and (x, size, scale_h, scale_w); the same for bilinear with
/// align_corners after the size.
template <bool Bilinear> result<value> upsample(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("input");
  const auto scale = a.real_pair("scales_h", "scales_w");
  if (auto s = a.check(); !s) return s.error();
  return resized<Bilinear>(e, a, *x, scale);
}
/// upsample_nearest1d(x, size, scale): the scale is a number or a list of one.
inline result<value> upsample_line(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("input");
  if (auto s = a.check(); !s) return s.error();
  const auto row = as_one_row(e, a, *x);
  if (!row) return row;
  arguments two = a;
  if (const value given = a["scales"]; given.is_sequence() && given.c->items.size() == 1)
    two.replace("scales", given.c->items[0]);
  if (const auto extent =
          a.none("output_size") ? std::vector<std::int64_t>{} : a.integers("output_size");
      !extent.empty())
    two.replace("output_size", e.c.values.integers({1, extent.back()}));
  if (auto s = a.check(); !s) return s.error();
  const double scale = two.real_or("scales", 0);
  if (auto s = two.check(); !s) return s.error();
  const auto y = resized<false>(e, two, *row->t, {two.none("scales") ? 0. : 1., scale});
  if (!y) return y;
  return as_line(e, *y);
}

/// Of each of `out` places along an axis of n the nearest element, by the middles of both. `given`:
/// a factor, or 0. PyTorch's loop of contiguous floats computes in float32 around the middle, its
/// other kernels with a half in float64.
inline std::vector<std::int64_t> nearest_by_middle(std::int64_t n, std::int64_t out, double given,
                                                   bool contiguous_floats) {
  const float scale = given > 0 ? static_cast<float>(numerics::div(1., given))
                                : numerics::div(static_cast<float>(n), static_cast<float>(out));
  std::vector<std::int64_t> index;
  for (std::int64_t i = 0; i < out; ++i) {
    const float at =
        contiguous_floats
            ? numerics::add(
                  numerics::sub(numerics::mul(scale, numerics::add(static_cast<float>(i), .5f)),
                                .5f),
                  .5f)
            : static_cast<float>(numerics::mul(numerics::add(static_cast<double>(i), .5),
                                               static_cast<double>(scale)));
    index.push_back(std::clamp<std::int64_t>(
        static_cast<std::int64_t>(numerics::floor(static_cast<double>(at))), 0, n - 1));
  }
  return index;
}
/// _upsample_nearest_exact2d(x, size, scales) and (x, size, scale_h, scale_w).
inline result<value> upsample_exact(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("input");
  const auto scale = a.real_pair("scales_h", "scales_w");
  if (auto s = a.check(); !s) return s.error();
  if (auto s = image(e, a, *x); !s) return s.error();
  const auto size = output_size(a, *x, scale);
  if (!size) return size.error();
  const bool last = suggests_channels_last(*x), floats = !is_quantized(x->type) && !last;
  value v = value_of(*x);
  for (std::size_t k = 0; k < 2; ++k) {
    const std::int64_t n = x->size[2 + k], out = a.small("output_size", (*size)[k]);
    if (auto s = a.check(); !s) return s.error();
    if (n < 1 || out < 1) return invalid("extents of " + a.name, std::to_string(out));
    if (auto s = e.c.build.work.spend(sizeof(std::int64_t) * as_size(out)); !s) return s.error();
    const auto next = picked(e, *v.t, 2 + k, nearest_by_middle(n, out, scale[k], floats));
    if (!next) return next;
    v = *next;
  }
  return with_strides(e, v,
                      last ? channels_last_strides(v.t->size) : contiguous_strides(v.t->size));
}
inline result<value> upsample_exact_line(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("input");
  if (auto s = a.check(); !s) return s.error();
  const auto row = as_one_row(e, a, *x);
  if (!row) return row;
  const auto extent =
      a.none("output_size") ? std::vector<std::int64_t>{} : a.integers("output_size");
  value factor = a["scales"];
  if (factor.is_sequence() && factor.c->items.size() == 1) factor = factor.c->items[0];
  arguments two(
      e.c, a.name,
      {{"input", *row},
       {"output_size", extent.empty() ? value{} : e.c.values.integers({1, extent.back()})},
       {"scales_h", factor.is(kind::none) ? factor : value::of(1.)},
       {"scales_w", factor}});
  const auto y = upsample_exact(e, two);
  if (!y) return y;
  return as_line(e, *y);
}

// ---- means ----

/// Which axes a mean goes over.
struct reduction {
  std::vector<bool> reduced;  // per logical axis
  bool keep = false;          // with extent 1
  bool two_three = false;     // the file names axes 2 and 3, in this order
  bool spatial() const {
    return reduced.size() == 4 && !reduced[0] && !reduced[1] && reduced[2] && reduced[3];
  }
};
inline result<reduction> reduction_of(arguments& a, const tensor_data& x) {
  reduction r;
  r.keep = a.boolean("keepdim");
  r.reduced.assign(x.size.size(), a.none("dim"));
  if (!a.none("dim")) {
    const auto axes = a.integers("dim");
    r.two_three = axes.size() == 2 && axes[0] == 2 && axes[1] == 3;
    for (std::int64_t d : axes) {
      const std::size_t axis = a.axis(d, std::max(x.rank(), 1));
      if (axis < r.reduced.size()) r.reduced[axis] = true;
    }
    if (axes.empty()) r.reduced.assign(r.reduced.size(), true);
  }
  if (auto s = a.check(); !s) return s.error();
  return r;
}
/// What is left of a tensor held channels last, brought to the logical order of axes.
inline result<tensor_id> in_logical_order(emitter& e, const tensor_data& x, const reduction& r,
                                          tensor_id from) {
  std::vector<std::int64_t> left;  // logical axes in the order the IR has them
  for (int k = 0; k < x.rank(); ++k) {
    const int i = k == 0 ? 0 : k + 1 == x.rank() ? 1 : k + 1;
    if (!r.reduced[as_size(i)]) left.push_back(i);
  }
  std::vector<std::int64_t> order;  // axis of octet's output for each of PyTorch's
  for (int i = 0; i < x.rank(); ++i)
    if (!r.reduced[as_size(i)])
      order.push_back(std::find(left.begin(), left.end(), i) - left.begin());
  if (std::is_sorted(order.begin(), order.end())) return from;
  const tensor_id to = e.make_like(x);
  if (auto s = e.transpose(from, to, std::move(order)); !s) return s.error();
  return to;
}
/// Is a mean summed as floats, in an order that depends on the memory format?
inline bool sums_floats(const emitter& e, const tensor_data& x, const reduction& r) {
  if (!is_quantized(x.type)) return true;
  laws::facts f;
  f.arithmetic = e.g.arithmetic;
  f.framework = emitter::facts_of(x, false);
  f.framework.axes_two_three = r.two_three;
  f.x.type = dtype_of_scalar(x.type);
  f.x.shape.rank = x.rank();
  for (int i = 0; i < x.rank(); ++i)
    if (r.reduced[as_size(i)]) f.axes.push_back(i);
  return laws::mean(f).round == rounding::aten;
}
/// The mean of floats of a line that lies channels-last in memory. Codes are dequantized first, to
/// contiguous memory.
inline result<value> mean_of_line(emitter& e, tensor_data& x, const reduction& r) {
  const auto in = e.held(x, true);
  if (!in) return in.error();
  std::vector<std::int64_t> axes, left;
  for (int i = 0; i < x.rank(); ++i)
    if (r.reduced[as_size(i)])
      axes.push_back(axis_in_layout(i, x.rank(), true));
    else
      left.push_back(x.size[as_size(i)]);
  attributes attrs;
  attrs.set("axes", std::move(axes)), attrs.set("keep_dims", std::int64_t{1});
  const tensor_id to = e.make_like(x);
  if (auto s = e.emit(ops::mean, {*in}, to, std::move(attrs), {.framework = e.facts_of(x, true)});
      !s)
    return s.error();
  const value all = e.wrap(to, x.type, true, false);
  return r.keep ? result<value>(all) : reshaped(e, *all.t, std::move(left));
}
/// mean over axes; the quantization stays.
inline result<value> mean(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const auto r = reduction_of(a, *x);
  if (!r) return r.error();
  if (auto s = e.per_tensor_or_float(*x); !s) return s.error();
  const bool summed = sums_floats(e, *x, *r);
  // The order of sums is that of the memory, wherever octet holds the channels.
  const bool inner =
      summed ? suggests_channels_last(*x) : r->spatial() && x->channels_inner && !x->constant();
  if (x->type == scalar::f32 && x->rank() == 3 && lies_channels_inner(*x))
    return mean_of_line(e, *x, *r);
  const auto in = e.held(*x, inner);
  if (!in) return in.error();
  attributes attrs;
  std::vector<std::int64_t> axes;
  for (int i = 0; i < x->rank(); ++i)
    if (r->reduced[as_size(i)]) axes.push_back(axis_in_layout(i, x->rank(), inner));
  attrs.set("axes", axes);
  if (r->keep) attrs.set("keep_dims", std::int64_t{1});
  tensor_id to = e.make_like(*x);
  laws::framework_facts facts = e.facts_of(*x, inner);
  facts.axes_two_three = r->two_three;
  if (auto s = e.emit(is_quantized(x->type) ? ops::qnn_mean : ops::mean, {*in}, to,
                      std::move(attrs), {.framework = facts});
      !s)
    return s.error();
  if (inner && !r->keep && x->rank() >= 4 && !r->reduced[1]) {
    const auto moved = in_logical_order(e, *x, *r, to);
    if (!moved) return moved.error();
    to = *moved;
  }
  return e.wrap(to, x->type, r->keep && inner, false);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_POOL_HPP_
