// Loader for TorchScript files (.pt from torch.jit.trace, torch.jit.script, torch.jit.freeze).
// Needs libzip where its definitions are compiled: octet::compiled has them, if libzip was there.
#ifndef OCTET_IMPORT_TORCH_HPP_
#define OCTET_IMPORT_TORCH_HPP_

#include <string>
#include <vector>

#include "octet/core/granular.hpp"
#include "octet/graph/graph.hpp"
#include "octet/import/torch/options.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

/// Reads a TorchScript file into a graph, which keeps what it needs of the file alive. Errors name
/// file, place in the program, what was found and what is supported.
result<graph> try_torch(const std::string& path, const torch_options& options = {});
/// The same from bytes in memory (copied); `name` stands for the file in messages.
result<graph> try_torch(std::span<const std::byte> bytes, const std::string& name,
                        const torch_options& options = {});
/// What the loader takes, sorted: operators as TorchScript names them: "aten::add".
std::vector<std::string> torch_operators();
#if defined(__cpp_exceptions)
inline graph torch(const std::string& path, const torch_options& options = {}) {
  return value_or_throw(try_torch(path, options));
}
#endif

}  // namespace import
OCTET_NAMESPACE_END

#if OCTET_HAS_IMPORT_DEFINITIONS
#include "octet/import/torch/loader.hpp"
#endif

#endif  // OCTET_IMPORT_TORCH_HPP_
