// TFLite's BATCH_MATMUL, TRANSPOSE_CONV, RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR.
#ifndef OCTET_IMPORT_TFLITE_ROWS_MATRIX_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_MATRIX_HPP_

#include "octet/import/tflite/rows_conv.hpp"
#include "octet/import/tflite/rows_elementwise.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

/// Whether the matrices w are one, which a fully connected layer of the floats x takes.
inline bool is_one_matrix(const dims& x, const dims& w) {
  return w.elements().value == product_of(w.back(1), w.back(0)) && w.rank <= x.rank;
}
inline std::int32_t batch_axes(const dims& shape) {
  std::int32_t axes = 0;
  for (std::int32_t i = 0; i + 2 < shape.rank; ++i) axes += shape[i] > 1 ? 1 : 0;
  return axes;
}
/// Whether TFLite's reference kernel takes other rows' scales for some of the floats x: of several
/// batch axes, unless they and those of the matrix w, all of one, are put together first. With zero
/// points it takes the sums of other columns, too, or of none, where the matrices w have several.
inline bool mixes_row_scales(const dims& x, const dims& w,
                             const tflite_schema::batch_matmul_options& o) {
  if (batch_axes(x) > 1 && (!is_one_matrix(x, w) || w.rank < 3 || o.adj_x)) return true;
  return o.asymmetric_quantize_inputs && (batch_axes(w) > 1 || (w.rank > 4 && w[0] > 1));
}
/// What a matrix product of floats and int8 must be.
inline status check_dynamic_matmul(const tflite_node& n, const dims& y,
                                   const tflite_schema::batch_matmul_options& o) {
  const dims x = n.in(0).shape, w = n.in(1).shape;
  const std::size_t scales = n.in(1).scales.size();
  if (!n.is_constant(1) || w.elements().value == 0 ||
      (scales != 1 && (n.in(1).axis != w.rank - (o.adj_y ? 2 : 1) || scales != as_size(y.back(0)))))
    return unsupported("int8 operand next to floats", to_string(w),
                       "constant matrices with one scale, or one for each column of the result");
  for (const std::int32_t z : n.in(1).zero_points)
    if (z != 0)
      return unsupported("zero point of an int8 operand next to floats", std::to_string(z), "0");
  if (!laws::has_xnnpack(n.g().arithmetic) && mixes_row_scales(x, w, o))
    return unsupported("batch axes of floats by matrices of int8",
                       to_string(x) + ", " + to_string(w),
                       "one: TFLite's reference kernel takes other rows' scales");
  return unit{};
}
/// Exchanges the last two axes.
inline result<tensor_id> last_axes_exchanged(tflite_node& n, tensor_id of, const char* suffix) {
  std::vector<std::int64_t> perm;
  for (std::int32_t i = 0; i < n.g()[of].shape.rank; ++i) perm.push_back(i);
  std::swap(perm[perm.size() - 2], perm.back());
  attributes t;
  t.set("perm", std::move(perm));
  const tensor_id to = n.temporary(suffix, n.g()[of].type);
  if (auto s = n.emit(ops::transpose, {of}, {to}, std::move(t)); !s) return s.error();
  return to;
}
/// Another shape, whose elements are these, repeated where they broadcast.
inline result<tensor_id> in_shape(tflite_node& n, const op_def& op, tensor_id of,
                                  const char* suffix, const dims& shape) {
  attributes a;
  a.set("shape", std::vector<std::int64_t>(shape.begin(), shape.end()));
  const tensor_id to = n.temporary(suffix, n.g()[of].type);
  if (auto s = n.emit(op, {of}, {to}, std::move(a)); !s) return s.error();
  return to;
}
/// Floats times constant matrices of 8-bit weights: of one matrix the fully connected layer of its
/// columns.
inline status dynamic_batch_matmul(tflite_node& n, const tflite_schema::batch_matmul_options& o) {
  dims x = n.in(0).shape;
  const dims w = n.in(1).shape;
  const shape_or y = batch_matmul_shape({o.adj_x, o.adj_y}, x, w);
  if (y.broken) return y.broken;
  if (auto s = check_dynamic_matmul(n, y.shape, o); !s) return s;
  const bool one_matrix = is_one_matrix(x, w);
  dynamic_accumulation layer{.op = one_matrix ? &ops::fully_connected : &ops::qnn_batch_matmul};
  layer.in = n.in_id(0);
  if (auto s = n.hold_constant(n.in(1).data.bytes.size()); !s) return s;
  const tensor codes = n.in(1);  // without its scales, which are along another axis
  layer.weights = n.g().add_constant(n.out().name + "/codes", codes.type, w, codes.data);
  const auto take = [](tensor_id& to, const result<tensor_id>& made) {
    if (made) to = *made;
    return made ? status(unit{}) : status(made.error());
  };
  if (o.adj_x) {
    if (auto s = take(layer.in, last_axes_exchanged(n, layer.in, "/transposed")); !s) return s;
    x = n.g()[layer.in].shape;
  }
  if (one_matrix) {
    const dims matrix{w.back(1), w.back(0)};
    if (w.rank > 2)
      if (auto s = take(layer.weights, in_shape(n, ops::reshape, layer.weights, "/matrix", matrix));
          !s)
        return s;
    if (!o.adj_y)
      if (auto s = take(layer.weights, last_axes_exchanged(n, layer.weights, "/weights")); !s)
        return s;
    tensor& turned = n.g()[layer.weights];
    turned.scales = codes.scales, turned.axis = codes.scales.size() > 1 ? 0 : -1;
    layer.attrs.set("keep_dims", std::int64_t{1});
  } else {
    layer.scales = codes.scales;
    // Each row of the result has a scale: floats that meet several matrices are repeated.
    dims all = y.shape;
    all[all.rank - 1] = x.back(0);
    if (!(all == x))
      if (auto s = take(layer.in, in_shape(n, ops::broadcast_to, layer.in, "/repeated", all)); !s)
        return s;
    if (o.adj_y) layer.attrs.set("adj_y", std::int64_t{1});
  }
  layer.layer.layer = laws::dynamic_layer::fully_connected;
  layer.layer.asks_zero_point = o.asymmetric_quantize_inputs;
  layer.layer.products = x.back(0);
  layer.layer.vectors =
      x.back(0) == 0
          ? 0
          : static_cast<std::int64_t>(n.g()[layer.in].shape.elements().value / as_size(x.back(0)));
  return n.accumulate(std::move(layer), tflite_activation::none);
}
inline status batch_matmul(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  attributes a;
  const auto o = n.options<tflite_schema::batch_matmul_options>();
  if (is_dynamic(n)) return dynamic_batch_matmul(n, o);
  if (o.adj_x) a.set("adj_x", std::int64_t{1});
  if (o.adj_y) a.set("adj_y", std::int64_t{1});
  if (!quantized(n.in(0))) return n.emit(ops::batch_matmul, std::move(a));
  if (n.out().type == dtype::s32)
    return unsupported("int32 as result of a quantized matrix product", {},
                       "int8, int16: TFLite multiplies the codes there, zero points and all");
  if (n.in(1).scales.size() != 1)
    return unsupported("quantization of the second operand",
                       std::to_string(n.in(1).scales.size()) + " scales", "one scale per tensor");
  return accumulate_and_requantize(n, ops::qnn_batch_matmul, std::move(a), n.ins(),
                                   tflite_activation::none);
}

/// The attributes of a transposed convolution of strides `t` whose output is `height` x `width`: it
/// is cropped by max((in - 1) * stride + kernel - out, 0) / 2 before.
inline result<attributes> transposed_attributes(transpose_conv2d_attrs t, const dims& x,
                                                const dims& w, std::int64_t height,
                                                std::int64_t width) {
  if (t.stride_h < 1 || t.stride_w < 1)
    return invalid("stride", std::to_string(t.stride_h) + "x" + std::to_string(t.stride_w),
                   "1 or more");
  const auto place = [](std::int64_t in, std::int64_t stride, std::int64_t kernel,
                        std::int64_t out) -> std::optional<laws::axis_padding> {
    if (out < 1 || out > INT32_MAX) return std::nullopt;
    const std::int64_t extra =
        (in - 1) * stride + kernel - out;  // negative: columns that no input reaches
    if (extra > INT32_MAX || extra < -INT32_MAX) return std::nullopt;
    return laws::transposed_padding(static_cast<std::int32_t>(extra));
  };
  const auto rows = place(x[1], t.stride_h, w[1], height),
             columns = place(x[2], t.stride_w, w[2], width);
  if (!rows || !columns)
    return invalid("output shape", std::to_string(height) + "x" + std::to_string(width));
  t.pad_top = rows->before, t.pad_bottom = rows->after, t.output_padding_h = rows->more;
  t.pad_left = columns->before, t.pad_right = columns->after, t.output_padding_w = columns->more;
  attributes a = to_attributes(t);
  for (const char* unused : {"dilation_h", "dilation_w", "groups"}) a.erase(unused);
  return a;
}
/// Floats with 8-bit weights, each image with a scale and a zero point of its own.
inline status products_by_themselves(tflite_node& n, attributes a, tflite_activation fused) {
  laws::facts left = facts_of_file(n);
  left.framework.int4_weights = true;  // what XNNPACK leaves means to a law
  attributes quantize;
  quantize.set("rows", std::int64_t{n.in(2).shape[0]});
  quantize.set("asymmetric", std::int64_t{1});
  const tensor_id codes = n.temporary("/quantized", dtype::s16),
                  images = n.temporary("/image_scales", dtype::f32);
  if (auto s = n.emit_decided(laws::dynamic_quantize(left), ops::dynamic_quantize, {n.in_id(2)},
                              {codes, images}, tflite_activation::none, std::move(quantize));
      !s)
    return s;
  std::vector<tensor_id> in{codes, n.in_id(1), images};
  if (n.has(3)) in.push_back(n.in_id(3));
  return n.emit(ops::dynamic_transpose_conv2d, std::move(in), n.outs(), std::move(a), fused);
}
/// Inputs: output shape, weights [O,KH,KW,I], input, bias.
inline status transpose_conv(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  // A shape that is an input of the file is taken to be the one the converter saw.
  std::vector<std::int64_t> shape = n.integers(0);
  if (!n.is_constant(0)) shape.assign(n.out().shape.begin(), n.out().shape.end());
  if (shape.size() != 4) return unsupported("an output shape that is computed at run time");
  const tensor w = n.in(1), x = n.in(2);
  if (x.shape.rank != 4 || w.shape.rank != 4)
    return invalid("rank of input or weights", to_string(x.shape) + " and " + to_string(w.shape),
                   "[N,H,W,C] and [O,KH,KW,I]");
  if (auto s = check_weights(n, n.in_id(2), n.in_id(1), false); !s) return s;
  const bool plain = x.type == dtype::f32 && w.type == dtype::f32;
  const auto o = n.options<tflite_schema::transpose_conv_options>();
  if (auto s = check_padding(o.padding); !s) return s;
  if (auto s = check_bias(n, n.in_id(2), n.in_id(3), o.bias_type); !s) return s;
  const bool below_stride = o.padding == tflite_schema::padding_scheme::same &&
                            (w.shape[1] < o.stride_h || w.shape[2] < o.stride_w);
  n.framework.kernel_below_stride = below_stride;
  transpose_conv2d_attrs t;
  t.stride_w = o.stride_w, t.stride_h = o.stride_h;
  auto placed = transposed_attributes(t, x.shape, w.shape, shape[1], shape[2]);
  if (!placed) return placed.error();
  attributes a = std::move(*placed);
  std::vector<tensor_id> in{n.in_id(2), n.in_id(1)};
  if (n.has(3)) in.push_back(n.in_id(3));
  if (!n.has(3) && x.type == dtype::s16 && o.bias_type == tflite_schema::tensor_type::int32) {
    const auto none = zeros(n, "/bias", dtype::s32, dims{w.shape[0]});  // sums have its type
    if (!none) return none.error();
    in.push_back(*none);
  }
  n.framework.kernel_below_stride |= !delegated(n, in).taken();  // what it means to a law
  if (plain && below_stride && laws::has_xnnpack(n.g().arithmetic))
    return n.emit_decided(laws::optimized_float_transpose_conv2d(), ops::float_transpose_conv2d,
                          std::move(in), n.outs(), o.activation, std::move(a));
  if (plain)
    return n.emit(ops::float_transpose_conv2d, std::move(in), n.outs(), std::move(a), o.activation);
  if (x.type == dtype::f32 && w.type == dtype::s8 && !w.scales.empty() &&
      n.out().type == dtype::f32) {
    if (laws::dynamic_transpose_conv2d(facts_of_file(n)).by != laws::library::xnnpack)
      return products_by_themselves(n, std::move(a), o.activation);
    laws::dynamic_facts layer;
    layer.layer = laws::dynamic_layer::conv2d;
    layer.images = x.shape[0];
    layer.products = std::int64_t{w.shape[1]} * w.shape[2] * w.shape[3];
    return n.accumulate(dynamic_accumulation{.op = &ops::transpose_conv2d,
                                             .in = n.in_id(2),
                                             .weights = n.in_id(1),
                                             .bias = n.in_id(3),
                                             .attrs = std::move(a),
                                             .layer = layer},
                        o.activation);
  }
  if (laws::has_xnnpack(n.g().arithmetic) && n.framework.kernel_below_stride && is_8bit(x.type) &&
      !x.scales.empty() && !w.scales.empty() && is_8bit(n.out().type) && !n.out().scales.empty())
    return layer_in_blocks(
        n, {.op = &ops::transpose_conv2d, .in = std::move(in), .attrs = std::move(a)},
        o.activation);
  return accumulate_and_requantize(n, ops::transpose_conv2d, std::move(a), std::move(in),
                                   o.activation);
}

template <class Options> result<attributes> resize_attributes(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s.error();
  const auto size = n.integers(1);
  if (size.size() != 2) return unsupported("a size that is computed at run time");
  attributes a;
  a.set("out_h", size[0]);
  a.set("out_w", size[1]);
  const auto o = n.options<Options>();
  if (o.align_corners) a.set("align_corners", std::int64_t{1});
  if (o.half_pixel_centers) a.set("half_pixel_centers", std::int64_t{1});
  return a;
}
inline status resize_bilinear(tflite_node& n) {
  auto a = resize_attributes<tflite_schema::resize_bilinear_options>(n);
  if (!a) return a.error();
  if (quantized(n.in(0)) && !(n.in(0).scales == n.out().scales &&
                              tflite_node::zero(n.in(0)) == tflite_node::zero(n.out()))) {
    const tensor& x = n.in(0);
    laws::facts f = facts_of_file(n);
    f.x.type = x.type, f.keeps_quantization = false;
    if (!laws::resize_bilinear(f).known)
      return unsupported("a resize whose result has other parameters than its input", {},
                         "under tflite_ref: the default interpreter refuses it");
    const tensor_id codes = n.temporary("/codes", x.type, x.scales, x.zero_points);
    if (auto s = n.emit(ops::qnn_resize_bilinear, {n.in_id(0)}, {codes}, std::move(*a)); !s)
      return s;
    return n.emit(ops::identity, {codes}, n.outs());
  }
  return n.emit(quantized(n.in(0)) ? ops::qnn_resize_bilinear : ops::resize_bilinear, {n.in_id(0)},
                n.outs(), std::move(*a));
}
inline status resize_nearest(tflite_node& n) {
  auto a = resize_attributes<tflite_schema::resize_nearest_neighbor_options>(n);
  if (!a) return a.error();
  return n.emit(ops::resize_nearest, {n.in_id(0)}, n.outs(), std::move(*a));
}

inline constexpr tflite_row matrix_rows[] = {
    {"RESIZE_BILINEAR", &resize_bilinear},
    {"TRANSPOSE_CONV", &transpose_conv},
    {"RESIZE_NEAREST_NEIGHBOR", &resize_nearest},
    {"BATCH_MATMUL", &batch_matmul},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_MATRIX_HPP_
