// Options of the ONNX loader.
#ifndef OCTET_IMPORT_ONNX_OPTIONS_HPP_
#define OCTET_IMPORT_ONNX_OPTIONS_HPP_

#include <string>
#include <utility>
#include <vector>

#include "octet/core/limits.hpp"
#include "octet/core/shape.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

struct onnx_options {
  /// Shapes of inputs in ONNX's order of axes (NCHW), by name; an empty name stands for the next
  /// input. Needed where the file leaves extents open (symbolic dimensions); extents that the file
  /// fixes must be equal. Open extents of one name are one number: of inputs `ids` [batch, seq] and
  /// `mask` [batch, seq] one needs a shape, and two that contradict each other are an error.
  std::vector<std::pair<std::string, dims>> shapes{};
  /// The graph as the file writes it: no operator is fused with others, DequantizeLinear and
  /// QuantizeLinear stay nodes. ONNX Runtime's results with all its optimizations disabled, which
  /// differ from those at its default level.
  bool as_written = false;
  /// `shapes` are those of arrays to run on, which may hold several runs along a first axis that
  /// the file fixes: its extent is then the file's.
  bool only_open_extents = false;
  limits max{};
};

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_OPTIONS_HPP_
