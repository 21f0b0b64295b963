// Custom operators of TFLite files: what callers register, with the file's options as attributes,
// and those that octet has.
#ifndef OCTET_IMPORT_TFLITE_CUSTOM_HPP_
#define OCTET_IMPORT_TFLITE_CUSTOM_HPP_

#include "octet/import/tflite/context.hpp"
#include "octet/import/tflite/flexbuffer.hpp"

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
/// Quantized operands become floats first. Regular form: classes choose for themselves.
inline status detection_postprocess(tflite_node& n) {
  if (n.outputs() != 4) return invalid("outputs", std::to_string(n.outputs()), "4");
  const attributes o = flexbuffer(n.custom_options).map();
  const auto number = [&](const char* key, double otherwise) {
    return attribute_view(o).find(key).is(attribute_value::kind::integer)
               ? static_cast<double>(o.integer(key))
               : o.real(key, otherwise);
  };
  detection_postprocess_attrs a;
  a.most = static_cast<std::int32_t>(o.integer("max_detections"));
  a.classes = static_cast<std::int32_t>(o.integer("num_classes"));
  a.per_box = static_cast<std::int32_t>(
      std::min(o.integer("max_classes_per_detection", 1), o.integer("num_classes")));
  if (o.integer("use_regular_nms") != 0) {
    const std::int64_t most = o.integer("detections_per_class", 100);
    if (most < 1 || most > INT32_MAX)
      return invalid("detections_per_class", std::to_string(most), "1 or more");
    a.per_class = static_cast<std::int32_t>(most);
  }
  a.score = number("nms_score_threshold", 0), a.overlap = number("nms_iou_threshold", 0);
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
}  // namespace tflite_rows
inline constexpr tflite_custom_row tflite_custom_rows[] = {
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
