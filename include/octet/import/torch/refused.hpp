// Operators of PyTorch that octet refuses for a reason that their names do not tell.
#ifndef OCTET_IMPORT_TORCH_REFUSED_HPP_
#define OCTET_IMPORT_TORCH_REFUSED_HPP_

#include <string_view>

#include "octet/core/config.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

struct torch_refused {
  std::string_view name, why;
};
inline constexpr std::string_view by_count =
    "as many results as the input's data decides; torch.where keeps the shape";
inline constexpr torch_refused refused_torch_operators[] = {
    {"aten::masked_select", by_count}, {"aten::nonzero", by_count},
    {"aten::nonzero_numpy", by_count}, {"aten::argwhere", by_count},
    {"aten::_unique", by_count},       {"aten::_unique2", by_count},
    {"aten::unique_dim", by_count},    {"aten::unique_consecutive", by_count},
};
/// Empty where the name says enough.
constexpr std::string_view why_refused(std::string_view name) noexcept {
  for (const torch_refused& r : refused_torch_operators)
    if (r.name == name) return r.why;
  return {};
}

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_REFUSED_HPP_
