// Which targets this build has and this CPU can run. (First form: the references only; the SIMD targets follow.)
#ifndef OCTET_KERNELS_TARGET_HPP_
#define OCTET_KERNELS_TARGET_HPP_

#include <span>

#include "octet/kernels/kernel.hpp"

namespace octet::inline OCTET_ABI {
inline target best_target() noexcept { return target::reference; }
inline bool can_run(target t) noexcept { return t == target::reference; }
inline std::span<const target> usable_targets() noexcept {
  static constexpr target t[] = {target::reference};
  return t;
}
namespace kernels {
inline const kernel_entry* find(kernel_id, target) noexcept { return nullptr; }
}  // namespace kernels
}  // namespace octet::inline OCTET_ABI

#endif  // OCTET_KERNELS_TARGET_HPP_
