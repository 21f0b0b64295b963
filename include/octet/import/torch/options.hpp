// What a caller can ask of the PyTorch loader.
#ifndef OCTET_IMPORT_TORCH_OPTIONS_HPP_
#define OCTET_IMPORT_TORCH_OPTIONS_HPP_

#include <string>
#include <utility>
#include <vector>

#include "octet/graph/verify.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

/// The file does not say which engine its numbers should follow, and often not which shape its
/// inputs have.
struct torch_options {
  law arithmetic = law::pytorch_fbgemm;  // or pytorch_qnnpack
  std::vector<std::pair<std::string, dims>>
      shapes;  // of inputs by name, as PyTorch has them (NCHW); "" stands for the inputs in order.
               // Traced files of torch 2 record their example's shapes, others need these
  std::vector<std::pair<std::string, dtype>>
      types{};  // likewise, of inputs whose element type the file does not record; others are taken
                // for float32, or for int64 where they are indices of an embedding
  limits max{};
};

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_OPTIONS_HPP_
