// Custom operators of TFLite files: what callers register, with the file's options as attributes,
// and those that octet has.
#ifndef OCTET_IMPORT_TFLITE_CUSTOM_HPP_
#define OCTET_IMPORT_TFLITE_CUSTOM_HPP_

#include "octet/import/tflite/context.hpp"
#include "octet/import/tflite/flexbuffer.hpp"
#include "octet/import/tflite/rows_matrix.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

/// A caller's operator: its inputs and outputs are the file's.
inline status convert_custom(tflite_node& n, const op_def& op) {
  return n.emit(op, flexbuffer(n.custom_options).map());
}

/// One of octet's custom operators: its name in files and what it becomes.
struct tflite_custom_row {
  std::string_view name;
  status (*convert)(tflite_node&);
};
namespace tflite_rows {
/// An option that is an integer or a real number.
inline double custom_number(const attributes& o, const char* key, double otherwise) {
  return attribute_view(o).find(key).is(attribute_value::kind::integer)
             ? static_cast<double>(o.integer(key))
             : o.real(key, otherwise);
}
/// The same as an int32, cut as the framework cuts it.
inline result<std::int32_t> custom_int32(const attributes& o, const char* key, std::int32_t least) {
  const double v = custom_number(o, key, 0);
  if (!(v >= least && v <= INT32_MAX))
    return invalid(key, std::to_string(v), std::to_string(least) + " or more");
  return static_cast<std::int32_t>(v);
}
/// Quantized operands become floats first. Regular form: classes choose for themselves.
inline status detection_postprocess(tflite_node& n) {
  if (n.outputs() != 4) return invalid("outputs", std::to_string(n.outputs()), "4");
  const attributes o = flexbuffer(n.custom_options).map();
  const auto number = [&](const char* key, double otherwise) {
    return custom_number(o, key, otherwise);
  };
  detection_postprocess_attrs a;
  a.most = static_cast<std::int32_t>(o.integer("max_detections"));
  a.classes = static_cast<std::int32_t>(o.integer("num_classes"));
  a.per_box = static_cast<std::int32_t>(o.integer("max_classes_per_detection", 1));
  if (o.integer("use_regular_nms") != 0) {
    const std::int64_t most = o.integer("detections_per_class", 100);
    if (most < 1 || most > INT32_MAX)
      return invalid("detections_per_class", std::to_string(most), "1 or more");
    a.per_class = static_cast<std::int32_t>(most);
  }
  a.score = number("nms_score_threshold", 0), a.overlap = number("nms_iou_threshold", 0);
  if (!(a.overlap > 0 && a.overlap <= 1))
    return invalid("nms_iou_threshold", std::to_string(a.overlap), "above 0, 1 at most");
  a.y_scale = number("y_scale", 0), a.x_scale = number("x_scale", 0);
  a.h_scale = number("h_scale", 0), a.w_scale = number("w_scale", 0);
  std::vector<tensor_id> in;
  for (std::size_t i = 0; i < 3; ++i) {
    if (!n.has(i)) return invalid("input " + std::to_string(i) + " is absent");
    in.push_back(n.in_id(i));
    if (n.in(i).type == dtype::f32) continue;
    in.back() = n.temporary("/values", dtype::f32);
    if (auto s = n.emit(ops::dequantize, {n.in_id(i)}, {in.back()}); !s) return s;
  }
  return n.emit(ops::detection_postprocess, std::move(in), n.outs(), to_attributes(a));
}
/// People in the fields of a pose network; with far offsets, the fourth input, also which of them
/// each cell belongs to. Masks are of 33x33 cells whatever the offsets are: of other sizes the
/// framework writes beside them.
inline status posenet_decoder(tflite_node& n) {
  const bool masks = n.inputs() == 4;
  if (auto s = need_inputs(n, masks ? 4 : 3); !s) return s;
  if (n.inputs() > 4 || n.outputs() != (masks ? 5u : 4u))
    return invalid("inputs and outputs",
                   std::to_string(n.inputs()) + " and " + std::to_string(n.outputs()),
                   "3 and 4, or 4 and 5 with masks");
  for (std::size_t i = 0; i < n.inputs(); ++i)
    if (const dtype t = n.in(i).type; t != dtype::f32 && t != dtype::u8)
      return unsupported("element type of input " + std::to_string(i), std::string(name_of(t)),
                         "float32, uint8");
  const attributes o = flexbuffer(n.custom_options).map();
  const auto most = custom_int32(o, "max_detections", masks ? 1 : 0);
  if (!most) return most.error();
  const auto stride = custom_int32(o, "stride", 1);
  if (!stride) return stride.error();
  pose_decode_attrs a;
  a.most = *most, a.stride = *stride;
  a.score = custom_number(o, "score_threshold", 0), a.radius = custom_number(o, "nms_radius", 0);
  std::vector<tensor_id> out = n.outs();
  out.resize(4);
  if (auto s =
          n.emit(ops::pose_decode, {n.in_id(0), n.in_id(1), n.in_id(2)}, out, to_attributes(a));
      !s || !masks)
    return s;
  const dims& far = n.in(3).shape;
  if (far.rank == 4 && (far[1] != 33 || far[2] != 33))
    return unsupported("far offsets of", to_string(far), "[1,33,33,34], as its masks are");
  return n.emit(ops::pose_masks, {n.in_id(3), out[0], out[3]}, {n.out_id(4)},
                to_attributes(pose_masks_attrs{a.stride}));
}
/// MediaPipe's transposed convolution: input, weights [O,KH,KW,I], bias, all floats. Its options
/// are the bytes of a struct: three int32, padding (1 SAME, 2 VALID), stride of width, of height;
/// what may follow is not read. SAME crops kernel - (in - 1) % stride - 1 rows and columns, where
/// that is more than 0.
inline status transpose_conv_with_bias(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  const tensor &x = n.in(0), &w = n.in(1);
  for (std::size_t i = 0; i < 3; ++i)
    if (n.in(i).type != dtype::f32)
      return unsupported("element type of input " + std::to_string(i),
                         std::string(name_of(n.in(i).type)), "float32");
  if (x.shape.rank != 4 || w.shape.rank != 4)
    return invalid("rank of input or weights", to_string(x.shape) + " and " + to_string(w.shape),
                   "[N,H,W,C] and [O,KH,KW,I]");
  if (n.custom_options.size() < 12)
    return invalid("custom options", std::to_string(n.custom_options.size()) + " bytes",
                   "padding and two strides, 4 bytes each");
  const auto option = [&](std::size_t i) {
    std::uint32_t v = 0;  // the least byte first
    for (std::size_t b = 0; b < 4; ++b) v |= std::uint32_t{n.custom_options[4 * i + b]} << (8 * b);
    return static_cast<std::int32_t>(v);
  };
  constexpr std::int32_t same = 1, valid = 2;
  const std::int32_t padding = option(0);
  if (padding != same && padding != valid)
    return invalid("padding", std::to_string(padding), "1 (SAME), 2 (VALID)");
  transpose_conv2d_attrs t;
  t.stride_w = option(1), t.stride_h = option(2);
  if (t.stride_h < 1 || t.stride_w < 1 || x.shape[1] < 1 || x.shape[2] < 1)
    return invalid("stride or image", to_string(x.shape), "1 or more");
  const auto extent = [&](std::int64_t in, std::int64_t stride, std::int64_t kernel) {
    const std::int64_t whole = stride * (in - 1) + kernel;
    return padding == valid ? whole
                            : whole - std::max<std::int64_t>(0, kernel - (in - 1) % stride - 1);
  };
  auto a = transposed_attributes(t, x.shape, w.shape, extent(x.shape[1], t.stride_h, w.shape[1]),
                                 extent(x.shape[2], t.stride_w, w.shape[2]));
  if (!a) return a.error();
  return n.emit(ops::float_transpose_conv2d, std::move(*a));
}
}  // namespace tflite_rows
inline constexpr tflite_custom_row tflite_custom_rows[] = {
    {"Convolution2DTransposeBias", &tflite_rows::transpose_conv_with_bias},
    {"PosenetDecoderOp", &tflite_rows::posenet_decoder},
    {"TFLite_Detection_PostProcess", &tflite_rows::detection_postprocess},
};

constexpr const tflite_custom_row* find_tflite_custom_row(std::string_view name) {
  for (const tflite_custom_row& r : tflite_custom_rows)
    if (r.name == name) return &r;
  return nullptr;
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_CUSTOM_HPP_
