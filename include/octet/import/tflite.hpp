// Loader for TensorFlow Lite files. Needs the FlatBuffers runtime (header-only use).
#ifndef OCTET_IMPORT_TFLITE_HPP_
#define OCTET_IMPORT_TFLITE_HPP_

#include <string>
#include <utility>
#include <vector>

#include "octet/core/granular.hpp"
#include "octet/graph/graph.hpp"
#include "octet/import/tflite/options.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

/// Reads a .tflite file (schema version 3, first subgraph) into a graph. Errors name file,
/// operator, tensor, what was found and what is supported.
result<graph> try_tflite(const std::string& path, const tflite_options& options = {});
/// The same from bytes in memory (copied); `name` stands for the file in messages.
result<graph> try_tflite(std::span<const std::byte> bytes, const std::string& name,
                         const tflite_options& options = {});
/// What the loader takes, sorted: builtin operators as the schema names them, custom ones as files
/// do.
std::vector<std::string> tflite_operators();
/// Builtin operators that the loader refuses and why, sorted by name.
std::vector<std::pair<std::string, std::string>> tflite_refused_operators();
#if defined(__cpp_exceptions)
inline graph tflite(const std::string& path, const tflite_options& options = {}) {
  return value_or_throw(try_tflite(path, options));
}
#endif

}  // namespace import
OCTET_NAMESPACE_END

#if OCTET_HAS_IMPORT_DEFINITIONS
#include "octet/import/tflite/loader.hpp"
#endif

#endif  // OCTET_IMPORT_TFLITE_HPP_
