// From (kernel, target) to the entry: constant tables with external linkage, the same in every file
// that was built with the same flags.
#ifndef OCTET_KERNELS_DISPATCH_HPP_
#define OCTET_KERNELS_DISPATCH_HPP_

#include <bit>

#include "octet/kernels/detect.hpp"
#include "octet/kernels/target.hpp"
#include "octet/kernels/targets.hpp"

OCTET_NAMESPACE_BEGIN

namespace kernels {

inline constexpr target compiled[] = {
    target::reference,
#if OCTET_HAS_EMU128
    target::emu128,
#endif
#if OCTET_HAS_SSE4
    target::sse4,
#endif
#if OCTET_HAS_AVX2
    target::avx2,
#endif
#if OCTET_HAS_AVX2_VNNI_EMULATED
    target::avx2_vnni_emulated,
#endif
#if OCTET_HAS_AVX2_VNNI
    target::avx2_vnni,
#endif
#if OCTET_HAS_AVX3
    target::avx3,
    target::avx3_vnni,
#endif
#if OCTET_HAS_NEON
    target::neon,
#endif
#if OCTET_HAS_NEON_DOTPROD
    target::neon_dotprod,
#endif
};

/// Memory of typed networks is counted for those alone.
constexpr bool is_of_architecture(target t) noexcept {
  for (const target of : targets_of_architecture)
    if (of == t) return true;
  return false;
}
constexpr bool are_all_of_architecture() noexcept {
  for (const target t : compiled)
    if (!is_of_architecture(t)) return false;
  return true;
}
static_assert(are_all_of_architecture(),
              "a target is missing in targets_of_architecture (kernels/simd/layouts.hpp)");

// Constants that files without kernels go by are those the kernels are compiled for.
#if OCTET_HAS_EMU128
static_assert(simd_emu128::layout == *layout_of(target::emu128));
#endif
#if OCTET_HAS_SSE4
static_assert(simd_sse4::layout == sse4_layout);
#endif
#if OCTET_HAS_AVX2
static_assert(simd_avx2::layout == avx2_layout);
#endif
#if OCTET_HAS_AVX2_VNNI && defined(OCTET_HAS_QUADS)
static_assert(simd_avx2_vnni::layout == avx2_quad_layout);
#endif
#if OCTET_HAS_AVX2_VNNI_EMULATED && defined(OCTET_HAS_QUADS)
static_assert(simd_avx2_vnni_emulated::layout == avx2_quad_layout);
#endif
#if OCTET_HAS_AVX3
static_assert(simd_avx3::layout == avx3_layout);
#if defined(OCTET_HAS_QUADS)
static_assert(simd_avx3_vnni::layout == avx3_quad_layout);
#endif
#endif
#if OCTET_HAS_NEON
static_assert(simd_neon::layout == neon_layout);
#endif
#if OCTET_HAS_NEON_DOTPROD && defined(OCTET_HAS_QUADS)
static_assert(simd_neon_dotprod::layout == neon_quad_layout);
#endif

/// The entry of one kernel, null on targets that this file has no pass for; a file that names a
/// kernel instantiates that kernel alone.
template <kernel_id Id> const kernel_entry* entry(target t) noexcept {
  switch (t) {
#if OCTET_HAS_EMU128
    case target::emu128: return simd_emu128::kernel<Id>::entry;
#else
    case target::emu128: break;
#endif
#if OCTET_HAS_SSE4
    case target::sse4: return simd_sse4::kernel<Id>::entry;
#else
    case target::sse4: break;
#endif
#if OCTET_HAS_AVX2
    case target::avx2: return simd_avx2::kernel<Id>::entry;
#else
    case target::avx2: break;
#endif
#if OCTET_HAS_AVX2_VNNI
    case target::avx2_vnni: return simd_avx2_vnni::kernel<Id>::entry;
#else
    case target::avx2_vnni: break;
#endif
#if OCTET_HAS_AVX2_VNNI_EMULATED
    case target::avx2_vnni_emulated: return simd_avx2_vnni_emulated::kernel<Id>::entry;
#else
    case target::avx2_vnni_emulated: break;
#endif
#if OCTET_HAS_AVX3
    case target::avx3: return simd_avx3::kernel<Id>::entry;
    case target::avx3_vnni: return simd_avx3_vnni::kernel<Id>::entry;
#else
    case target::avx3:
    case target::avx3_vnni: break;
#endif
#if OCTET_HAS_NEON
    case target::neon: return simd_neon::kernel<Id>::entry;
#else
    case target::neon: break;
#endif
#if OCTET_HAS_NEON_DOTPROD
    case target::neon_dotprod: return simd_neon_dotprod::kernel<Id>::entry;
#else
    case target::neon_dotprod: break;
#endif
    case target::automatic:
    case target::reference: break;
  }
  return nullptr;
}

/// The kernel `id` if it is in the set: only those of the set are instantiated.
template <kernel_set Which> const kernel_entry* find_among(kernel_id id, target t) noexcept {
  constexpr kernel_set all = (set_of(enumerators<kernel_id>.back()) << 1) - 1,
                       named = Which & all & ~set_of(kernel_id::none);
  if constexpr (named != 0) {
    constexpr auto first = static_cast<kernel_id>(std::countr_zero(named));
    if (id == first) return entry<first>(t);
    return find_among<(named & (named - 1))>(id, t);
  }
  return nullptr;
}

}  // namespace kernels

OCTET_INLINE std::span<const target> compiled_targets() noexcept { return kernels::compiled; }
OCTET_INLINE std::span<const target> usable_targets() noexcept {
  struct list {
    target of[std::size(kernels::compiled)] = {};
    std::size_t count = 0;
    list() noexcept {
      for (const target t : kernels::compiled)
        if ((kernels::cpu() & kernels::bit_of(t)) != 0) of[count++] = t;
    }
  };
  static const list usable;
  return std::span<const target>(usable.of).first(usable.count);
}
OCTET_INLINE bool can_run(target t) noexcept {
  for (const target u : usable_targets())
    if (u == t) return true;
  return false;
}
OCTET_INLINE target best_target() noexcept {
  target best = target::reference;
  for (const target t : usable_targets())
    if (t != target::emu128 && t != target::avx2_vnni_emulated) best = t;  // those are for tests
  return best;
}
OCTET_INLINE std::optional<target> target_from_name(std::string_view name) noexcept {
  for (const target t : enumerators<target>) {
    const std::string_view n = name_of(t);
    bool same = n.size() == name.size();
    for (std::size_t k = 0; same && k < n.size(); ++k) {
      const auto upper = [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      };
      same = upper(n[k]) == upper(name[k]);
    }
    if (same) return t;
  }
  return std::nullopt;
}

OCTET_NAMESPACE_END

#endif  // OCTET_KERNELS_DISPATCH_HPP_
