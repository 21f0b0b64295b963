// Loads a model of any format octet reads, by its contents.
#ifndef OCTET_TOOLS_LOAD_HPP_
#define OCTET_TOOLS_LOAD_HPP_

#include <optional>
#include <string>
#include <vector>

#include "octet/core/limits.hpp"
#include "octet/graph/graph.hpp"

namespace octet::tools {

/// What --numerics says besides laws: an ONNX graph under ONNX Runtime's law, as the file writes
/// it.
inline constexpr const char* as_written_name = "onnxruntime_as_written";

struct load_options {
  std::optional<law> arithmetic;                     // none: the format's default
  bool as_written = false;                           // no operators are fused (.onnx)
  std::vector<std::pair<std::string, dims>> shapes;  // replaces the shape of the named input
  std::vector<std::pair<std::string, dtype>> types;  // likewise, where a .pt file records none
  bool only_open = false;  // shapes only where the file leaves extents open (.tflite, .onnx)
  std::string params;      // file of parameters, for formats that keep them apart
  std::string signature;   // which function of the file to run, for formats that name them
  limits max{};
};

/// Laws a file's format can follow, the default first. Empty where the format is unknown.
struct format_info {
  const char* name = nullptr;  // ".tflite"
  std::vector<law> laws;
  bool records_shapes = true;  // every file says what shapes its inputs have
};
format_info format_of(const std::string& path);
std::vector<const char*> format_endings();

result<graph> load_model(const std::string& path, const load_options& options = {});

}  // namespace octet::tools

#endif  // OCTET_TOOLS_LOAD_HPP_
