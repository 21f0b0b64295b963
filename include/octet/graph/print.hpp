// The IR as text: one line per node with shape, dtype, scale, zero point and rounding of
// everything.
#ifndef OCTET_GRAPH_PRINT_HPP_
#define OCTET_GRAPH_PRINT_HPP_

#include <string>

#include "octet/graph/graph.hpp"

OCTET_NAMESPACE_BEGIN

namespace detail {
/// Shortest text that reads back as the same number; binary32 values print as such.
std::string number(double v);
std::string text(const attributes::value& v);
}  // namespace detail

/// "uint8[1,8,8,16] scale 0.02 zero 0", or "int8[16,3,3,1] scales[16] axis 0".
std::string type_text(const tensor& t);

/// One node: "%2: uint8[1,8,8,16] scale 0.02 zero 0 = qnn.requantize(%1), rounding DR, clamp_lo 0".
std::string node_text(const graph& g, const node& n);

/// The whole graph. Numbering is the graph's tensor order and does not depend on the machine.
std::string to_string(const graph& g);
template <class Stream> auto operator<<(Stream& o, const graph& g) -> decltype(o << std::string()) {
  return o << to_string(g);
}

OCTET_NAMESPACE_END

#if OCTET_HAS_DEFINITIONS
#include "octet/graph/print-impl.hpp"
#endif

#endif  // OCTET_GRAPH_PRINT_HPP_
