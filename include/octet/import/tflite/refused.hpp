// Builtin operators of TensorFlow Lite that octet refuses, each with the reason. Every operator of
// the schema has a row, is carried out by the loader itself, or stands here.
#ifndef OCTET_IMPORT_TFLITE_REFUSED_HPP_
#define OCTET_IMPORT_TFLITE_REFUSED_HPP_

#include "octet/import/tflite/rows.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

/// Operators that the loader carries out: they run subgraphs or name variables.
inline constexpr std::string_view tflite_control_operators[] = {
    "CUSTOM",          "CALL_ONCE",           "IF", "WHILE", "VAR_HANDLE", "READ_VARIABLE",
    "ASSIGN_VARIABLE", "STABLEHLO_COMPOSITE",
};

struct tflite_refused {
  std::string_view name, why;
};
namespace detail {
inline constexpr std::string_view texts = "works on texts or tables of them",
                                  random = "random numbers of the framework's own generator",
                                  no_kernel = "no kernel of the framework computes it",
                                  open = "the result's shape depends on the input's values",
                                  stable_hlo =
                                      "StableHLO: to be converted to TensorFlow Lite's own "
                                      "operators";
}  // namespace detail
inline constexpr tflite_refused refused_tflite_operators[] = {
    {"HASHTABLE_LOOKUP", detail::texts},
    {"LSH_PROJECTION", "hashes of its input"},
    {"CONCAT_EMBEDDINGS", detail::no_kernel},
    {"SKIP_GRAM", detail::texts},
    {"CALL", detail::no_kernel},
    {"EMBEDDING_LOOKUP_SPARSE", "sparse look-ups"},
    {"DELEGATE", "another library's compiled program"},
    {"UNIQUE", detail::open},
    {"PLACEHOLDER_FOR_GREATER_OP_CODES", detail::no_kernel},
    {"HASHTABLE", detail::texts},
    {"HASHTABLE_FIND", detail::texts},
    {"HASHTABLE_IMPORT", detail::texts},
    {"HASHTABLE_SIZE", detail::texts},
    {"CONV_3D_TRANSPOSE", "its floats are added in an order that is not known"},
    {"RANDOM_STANDARD_NORMAL", detail::random},
    {"RANDOM_UNIFORM", detail::random},
    {"MULTINOMIAL", detail::random},
    {"ATAN2", "octet has no function with the bits of the C library's binary32 atan2f"},
    {"BITCAST", "bytes of one element type read as another"},
    {"DILATE", "no converter writes it into a quantized model"},
    {"REDUCE_WINDOW", "no converter writes it into a quantized model"},
};
inline constexpr std::string_view stable_hlo_prefix = "STABLEHLO_";

/// Why an operator code is refused; empty for those that have a row or that the schema lacks.
constexpr std::string_view why_refused(std::int32_t code) {
  const std::string_view name = tflite_schema::builtin_name(code);
  for (const tflite_refused& r : refused_tflite_operators)
    if (r.name == name) return r.why;
  return name.starts_with(stable_hlo_prefix) ? detail::stable_hlo : std::string_view();
}
/// Custom operators whose names say where they come from.
constexpr std::string_view why_refused_custom(std::string_view name) {
  if (name.starts_with("Flex"))
    return "an operator of TensorFlow itself: to be converted with TFLITE_BUILTINS alone";
  if (name == "edgetpu-custom-op")
    return "compiled for the Edge TPU: load the file from before edgetpu_compiler";
  if (name == "ethos-u") return "compiled for Ethos-U: load the file from before vela";
  return "its maker's own: see tflite_options::operators";
}

namespace detail {
constexpr bool every_tflite_operator_has_one_answer() {
  for (std::size_t code = 0; code < std::size(tflite_schema::builtin_operators); ++code) {
    const std::string_view name = tflite_schema::builtin_operators[code];
    int answers = find_tflite_row(static_cast<std::int32_t>(code)) != nullptr;
    bool control = false;
    for (const std::string_view c : tflite_control_operators) control |= c == name;
    answers += control;
    if (!control) answers += !why_refused(static_cast<std::int32_t>(code)).empty();
    if (answers != 1) return false;
  }
  return true;
}
static_assert(every_tflite_operator_has_one_answer(),
              "a builtin operator has neither a row nor a reason, or both");
}  // namespace detail

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_REFUSED_HPP_
