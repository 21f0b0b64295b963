// Other libraries' operators beside octet's: `octet bench-op --vs xnnpack`.
#ifndef OCTET_TOOLS_RIVAL_HPP_
#define OCTET_TOOLS_RIVAL_HPP_

#include <string>

#include "octet/bench/op.hpp"

namespace octet::tools {

/// The library of that name. Errors: there is none, or this build is without it.
result<bench::rival> rival_named(const std::string& name);

}  // namespace octet::tools

#endif  // OCTET_TOOLS_RIVAL_HPP_
