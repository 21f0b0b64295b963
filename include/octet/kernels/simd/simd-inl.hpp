// Chooses the instruction family of the pass, and says how it lays packed data out. The kernels see
// this file's names only: no lane count, register width or instruction of one family occurs in
// them. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

// clang-format off
#include "octet/kernels/simd/vectors-inl.hpp"
#include "octet/kernels/simd/generic-inl.hpp"
#if HWY_ARCH_X86 && HWY_TARGET != HWY_EMU128
#include "octet/kernels/simd/x86-inl.hpp"
#endif
#if HWY_TARGET == HWY_EMU128
// generic
#elif HWY_TARGET == HWY_SSE4
#include "octet/kernels/simd/x86_128-inl.hpp"
#elif HWY_TARGET == HWY_AVX2
#include "octet/kernels/simd/x86_256-inl.hpp"
#elif HWY_ARCH_X86
#include "octet/kernels/simd/x86_512-inl.hpp"
#elif HWY_TARGET == HWY_NEON
#include "octet/kernels/simd/neon-inl.hpp"
#else
#error "octet: no file of primitives for this target in octet/kernels/simd"
#endif
// clang-format on

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

#if HWY_TARGET == HWY_EMU128
namespace simd {
using namespace generic;
}
#endif

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

// What is written over the family's operations.
#include "octet/kernels/simd/panels-inl.hpp"
#include "octet/kernels/simd/sums-inl.hpp"

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

using simd::D16, simd::D32, simd::D8, simd::DF, simd::DF64, simd::DU8;
using simd::lanes16, simd::lanes32, simd::lanes8;
using simd::set32, simd::set_float, simd::zero32;
using simd::V16, simd::V32, simd::V8, simd::VF, simd::VF64, simd::VU8;

inline constexpr kernels::target_layout layout{lanes32, simd::registers == 32 ? 4 : 2, simd::quads,
                                               simd::split_pairs};

/// Rows of a full tile of int32 sums in nv vectors: 12 accumulators where there are 16 registers,
/// 24 where there are 32; narrow panels need rows to hide the latency of the dot product.
constexpr int tile_rows(int nv) { return layout.max_vectors == 2 ? 6 : nv == 4 ? 6 : 8; }
/// The same of rows that lie evenly, for which the product of four bytes has tiles; 0: none.
constexpr int even_rows(int nv) { return nv == 1 && lanes8 == 64 && kernels::every_form ? 16 : 0; }
using kernels::most_tile_rows;
static_assert(tile_rows(1) <= static_cast<int>(most_tile_rows) &&
              tile_rows(3) <= static_cast<int>(most_tile_rows));
/// Vectors of binary32 sums that each of four rows of a float tile has.
inline constexpr int vectors_of_four_rows = simd::registers == 32 ? 4 : 2;
/// Depthwise windows slide along rows: four bytes a lane, and registers for the sums that a column
/// joins.
inline constexpr bool has_slides = simd::quads != 0 && simd::registers == 32;
using kernels::every_form;
/// Blocks of 128 bits of a vector may belong to several rows (simd::load_parts).
inline constexpr bool has_parts = lanes8 == 64;

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
