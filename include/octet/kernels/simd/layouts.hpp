// What differs between targets in the layout of packed data and scratch, as constants: known to
// every file, whether or not it compiles kernels, and to the compiler's constant evaluation. A new
// target has its row here; kernels/dispatch.hpp checks those that a file compiles.
#ifndef OCTET_KERNELS_SIMD_LAYOUTS_HPP_
#define OCTET_KERNELS_SIMD_LAYOUTS_HPP_

#include <span>

#include "octet/kernels/kernel.hpp"

OCTET_NAMESPACE_BEGIN
namespace kernels {

/// Forms of kernels that are faster for some shapes and give the same bits. Header-only files,
/// which compile all of them again, have the general ones alone: one `octet::conv2d` takes a third
/// of the time. OCTET_EVERY_FORM, the same in all files of a program, gives header-only files the
/// others as well. OCTET_TEST_FEW_FORMS: tests of the general ones.
#if (defined(OCTET_EXTERN) || defined(OCTET_EVERY_FORM)) && !defined(OCTET_TEST_FEW_FORMS)
inline constexpr bool every_form = true;
#else
inline constexpr bool every_form = false;
#endif

struct target_layout {
  std::int32_t lanes;        // int32 per vector
  std::int32_t max_vectors;  // per panel
  std::uint8_t quad;         // products of four bytes. 0: none; 1: activations as u8; 2: as s8
  bool split_pairs;  // pairs of one lane lie `lanes` elements apart (Arm: vmlal on halves), not
                     // side by side
  constexpr bool operator==(const target_layout&) const = default;
};

inline constexpr target_layout sse4_layout{4, 2, 0, false}, avx2_layout{8, 2, 0, false},
    avx2_quad_layout{8, 2, 1, false}, avx3_layout{16, 4, 0, false},
    avx3_quad_layout{16, 4, 1, false}, neon_layout{4, 4, 0, true}, neon_quad_layout{4, 4, 2, true};

/// Rows that the matrix kernel's tiles have at most, on any target.
inline constexpr std::size_t most_tile_rows = 8;

/// Null for targets without kernels of their own: references pack nothing. The kernels of each
/// target check that this is the layout they are compiled for.
constexpr const target_layout* layout_of(target t) noexcept {
  switch (t) {
    case target::emu128:
    case target::sse4: return &sse4_layout;
    case target::avx2: return &avx2_layout;
    case target::avx2_vnni_emulated:
    case target::avx2_vnni: return &avx2_quad_layout;
    case target::avx3: return &avx3_layout;
    case target::avx3_vnni: return &avx3_quad_layout;
    case target::neon: return &neon_layout;
    case target::neon_dotprod: return &neon_quad_layout;
    case target::automatic:
    case target::reference: break;
  }
  return nullptr;
}

/// The targets that builds for this architecture may have: memory whose size is a constant of a
/// type must suffice for whichever of them is found at start, and must not depend on a file's
/// flags.
inline constexpr target targets_of_architecture[] = {
    target::reference,
#if defined(OCTET_TEST_TARGETS)
    target::emu128,
#endif
#if defined(__x86_64__) || defined(__i386__)
    target::sse4,
    target::avx2,
#if defined(OCTET_TEST_TARGETS)
    target::avx2_vnni_emulated,
#endif
    target::avx2_vnni,
    target::avx3,
    target::avx3_vnni,
#elif defined(__aarch64__)
    target::neon,
    target::neon_dotprod,
#endif
};

}  // namespace kernels
OCTET_NAMESPACE_END

#endif  // OCTET_KERNELS_SIMD_LAYOUTS_HPP_
