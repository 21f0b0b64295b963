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
inline constexpr std::array<tflite_custom_row, 0> tflite_custom_rows{};

constexpr const tflite_custom_row* find_tflite_custom_row(std::string_view name) {
  for (const tflite_custom_row& r : tflite_custom_rows)
    if (r.name == name) return &r;
  return nullptr;
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_CUSTOM_HPP_
