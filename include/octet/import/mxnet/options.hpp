// Options of the MXNet loader.
#ifndef OCTET_IMPORT_MXNET_OPTIONS_HPP_
#define OCTET_IMPORT_MXNET_OPTIONS_HPP_

#include <string>
#include <utility>
#include <vector>

#include "octet/graph/verify.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

struct mxnet_options {
  /// The file of parameters; empty: NAME-0000.params beside NAME-symbol.json.
  std::string params{};
  /// Shapes of inputs in MXNet's order of axes (NCHW), by name; an empty name stands for the next
  /// input. Symbol files rarely record shapes.
  std::vector<std::pair<std::string, dims>> shapes{};
  /// The MXNet whose arithmetic to follow, major * 10000 + minor * 100 + patch: 10600 brought other
  /// levels. 0: the one that wrote the file, as its mxnet_version says.
  std::int32_t version = 0;
  limits max{};
};

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_OPTIONS_HPP_
