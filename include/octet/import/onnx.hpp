// Loader for ONNX networks (NAME.onnx), quantized operators and Q/DQ graphs, computed as ONNX
// Runtime does. Needs protozero, and exceptions, where its definitions are compiled:
// octet::compiled has them, if it was there.
#ifndef OCTET_IMPORT_ONNX_HPP_
#define OCTET_IMPORT_ONNX_HPP_

#include <string>
#include <vector>

#include "octet/core/granular.hpp"
#include "octet/graph/graph.hpp"
#include "octet/import/onnx/options.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

/// Reads a network into a graph. Weights that the file keeps in other files (external data) must
/// lie in its own folder. Errors name file, node, what was found and what is supported.
result<graph> try_onnx(const std::string& path, const onnx_options& options = {});
/// The same from bytes in memory (copied), which must hold all weights; `name` stands for the file
/// in messages.
result<graph> try_onnx(std::span<const std::byte> bytes, const std::string& name,
                       const onnx_options& options = {});
/// What the loader takes, sorted: operators, with their domain in front where it is not ONNX's own:
/// "com.microsoft::QLinearAdd".
std::vector<std::string> onnx_operators();
#if defined(__cpp_exceptions)
inline graph onnx(const std::string& path, const onnx_options& options = {}) {
  return value_or_throw(try_onnx(path, options));
}
#endif

}  // namespace import
OCTET_NAMESPACE_END

#if OCTET_HAS_IMPORT_DEFINITIONS
#include "octet/import/onnx/loader.hpp"
#endif

#endif  // OCTET_IMPORT_ONNX_HPP_
