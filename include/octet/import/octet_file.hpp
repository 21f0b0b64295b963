// The .octet format: octet's own, what `octet convert` writes. Versioned, checksummed, constants
// 64-byte aligned and used where they lie in the mapped file.
//
// All numbers little-endian. Header, 64 bytes: magic "OCTET\r\n\x1A", u32 version, u32 CRC-32 of
// everything after the header, u64 size of the file, u64 size of the description, zeros. Then the
// description (graph, tensors, nodes, in that order, as write_octet() lists them), then the
// constants.
#ifndef OCTET_IMPORT_OCTET_FILE_HPP_
#define OCTET_IMPORT_OCTET_FILE_HPP_

#include <string>

#include "octet/core/limits.hpp"
#include "octet/graph/graph.hpp"
#include "octet/import/common/file.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

struct octet_options {
  std::span<const op_def* const> operators{};  // more operators, found by name
  limits max{};
};

/// The graph as the bytes of an .octet file.
std::string write_octet(const graph& g);

/// Reads an .octet file that is in memory; the graph keeps it.
result<graph> try_octet(file_bytes file, const octet_options& options = {});
/// Maps the file; the graph (and every plan of it) keeps the mapping. The file must not change
/// while it is used.
result<graph> try_octet(const std::string& path, const octet_options& options = {});
/// Bytes in memory are copied once, so that constants are aligned.
result<graph> try_octet(std::span<const std::byte> bytes, const std::string& name,
                        const octet_options& options = {});
#if defined(__cpp_exceptions)
inline graph octet(const std::string& path, const octet_options& options = {}) {
  return value_or_throw(try_octet(path, options));
}
#endif

}  // namespace import
OCTET_NAMESPACE_END

#if OCTET_HAS_IMPORT_DEFINITIONS && !defined(OCTET_WITHOUT_LOADERS)
#include "octet/import/octet_file-impl.hpp"
#endif

#endif  // OCTET_IMPORT_OCTET_FILE_HPP_
