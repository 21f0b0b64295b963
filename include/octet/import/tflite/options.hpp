// What a caller can ask of the TFLite loader.
#ifndef OCTET_IMPORT_TFLITE_OPTIONS_HPP_
#define OCTET_IMPORT_TFLITE_OPTIONS_HPP_

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "octet/graph/verify.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

struct tflite_options {
  law arithmetic = law::tflite_ref;                  // or tflite_xnnpack
  std::vector<std::pair<std::string, dims>> shapes;  // replaces the shape of the named input
  bool only_open_extents = false;  // `shapes` may replace only extents that the file leaves open
  std::string signature;  // which of the file's signatures to run; empty: its first subgraph
  /// More operators, for the file's custom ones: found by the custom name, before octet's own. They
  /// get the file's custom options as attributes, where these are a FlexBuffers map of numbers,
  /// texts and lists of numbers.
  std::span<const op_def* const> operators{};
  limits max{};
};

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_OPTIONS_HPP_
