// Loader for MXNet's quantized networks (NAME-symbol.json and NAME-0000.params). Needs
// nlohmann-json where its definitions are compiled: octet::compiled has them, if it was there.
#ifndef OCTET_IMPORT_MXNET_HPP_
#define OCTET_IMPORT_MXNET_HPP_

#include <string>
#include <vector>

#include "octet/core/granular.hpp"
#include "octet/graph/graph.hpp"
#include "octet/import/mxnet/options.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

/// Reads a network into a graph. `path`: the symbol file; options.params or its name say where the
/// parameters are. Errors name file, node, what was found and what is supported.
result<graph> try_mxnet(const std::string& path, const mxnet_options& options = {});
/// The same from bytes in memory (copied); `name` stands for both files in messages.
result<graph> try_mxnet(std::span<const std::byte> symbol, std::span<const std::byte> params,
                        const std::string& name, const mxnet_options& options = {});
/// What the loader takes, sorted: operators as symbol files name them.
std::vector<std::string> mxnet_operators();
#if defined(__cpp_exceptions)
inline graph mxnet(const std::string& path, const mxnet_options& options = {}) {
  return value_or_throw(try_mxnet(path, options));
}
#endif

}  // namespace import
OCTET_NAMESPACE_END

#if OCTET_HAS_IMPORT_DEFINITIONS
#include "octet/import/mxnet/loader.hpp"
#endif

#endif  // OCTET_IMPORT_MXNET_HPP_
