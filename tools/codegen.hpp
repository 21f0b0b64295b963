// A graph as C++: a header with the typed graph, a source file with the weights.
#ifndef OCTET_TOOLS_CODEGEN_HPP_
#define OCTET_TOOLS_CODEGEN_HPP_

#include <string>

#include "octet/graph/graph.hpp"

namespace octet::tools {

struct generated {
  std::string header, source;
};
/// `name`: the C++ namespace of the result. `header_name`: how the source includes the header. The
/// graph is taken as it is: run the passes first.
result<generated> generate(const graph& g, const std::string& name, const std::string& header_name);

}  // namespace octet::tools

#endif  // OCTET_TOOLS_CODEGEN_HPP_
