// Which SIMD targets this build has and this CPU can run, and the kernels of each.
#ifndef OCTET_KERNELS_TARGET_HPP_
#define OCTET_KERNELS_TARGET_HPP_

#include <optional>
#include <span>
#include <string_view>

#include "octet/kernels/kernel.hpp"

OCTET_NAMESPACE_BEGIN

/// The best target of this build that this CPU can run; `reference` where it can run none. The CPU
/// is asked once per process. No environment variable is read. Safe to call from any thread, at any
/// time.
target best_target() noexcept;
/// True for `reference` and for the targets of usable_targets().
bool can_run(target t) noexcept;
/// Targets this build was compiled for, from plain to best, `reference` first. Static memory.
std::span<const target> compiled_targets() noexcept;
/// Those of them that this CPU can run, in the same order. Static memory.
std::span<const target> usable_targets() noexcept;
/// The target of that name in any letter case ("avx2", "AVX3_VNNI", "reference", "automatic");
/// nothing where there is none of that name.
std::optional<target> target_from_name(std::string_view name) noexcept;

namespace kernels {
inline constexpr kernel_set every_kernel = ~kernel_set{0};

#if defined(OCTET_EXTERN)
/// The kernel for `id` on `t`; null where that target has none and the operator's reference runs.
/// Static memory. Header-only files have find_among() alone: a function that is no template would
/// have the compiler instantiate every kernel in every file.
const kernel_entry* find(kernel_id id, target t) noexcept;
#endif

/// The same for the kernels of a set: only those are instantiated. Defined where kernels are.
template <kernel_set Which> const kernel_entry* find_among(kernel_id id, target t) noexcept;
}  // namespace kernels

OCTET_NAMESPACE_END

#if OCTET_HAS_KERNELS
#include "octet/kernels/dispatch.hpp"
#endif

OCTET_NAMESPACE_BEGIN
namespace kernels {
/// Finds the kernels of a set and no others: a header-only file compiles those alone. Where the
/// kernels are linked there is nothing to save and one function serves all.
template <kernel_set Which> constexpr finder finder_among() noexcept {
#if defined(OCTET_EXTERN)
  return &find;
#else
  return &find_among<Which>;
#endif
}
}  // namespace kernels
OCTET_NAMESPACE_END

#endif  // OCTET_KERNELS_TARGET_HPP_
