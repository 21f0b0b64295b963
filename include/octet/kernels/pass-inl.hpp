// One pass: every SIMD kernel for the target that HWY_TARGET names. Included by passes.hpp only,
// several times. OCTET_PASS_QUAD: a pseudo target on the same Highway ops with four-way dot
// products of bytes: 1 AVX512-VNNI, 2 the same emulated on AVX2 (tests), 3 Arm dotprod, 4 AVX-VNNI.
// OCTET_PASS_NONE: no kernels, Highway's macros alone. OCTET_TEST_PASS: a file with tests of the
// pass.
#if defined(OCTET_KERNEL_PASS)

// A pseudo target's pass follows that of the same HWY_TARGET, whose ops are there already.
#if !defined(OCTET_PASS_QUAD)
#include "octet/kernels/simd/highway-inl.hpp"
#endif
#if !defined(OCTET_PASS_NONE) && \
    (!defined(OCTET_PASS_QUAD) || defined(OCTET_PASS_WITH_QUADS) || !defined(OCTET_HAS_BASE))

#if defined(OCTET_PASS_QUAD)
#define OCTET_QUAD OCTET_PASS_QUAD
#else
#define OCTET_QUAD 0
#endif

#if OCTET_QUAD == 1
#define OCTET_TARGET_NS simd_avx3_vnni
#define OCTET_BASE_NS simd_avx3
#elif OCTET_QUAD == 2
#define OCTET_TARGET_NS simd_avx2_vnni_emulated
#define OCTET_BASE_NS simd_avx2
#elif OCTET_QUAD == 4
#define OCTET_TARGET_NS simd_avx2_vnni
#define OCTET_BASE_NS simd_avx2
#elif OCTET_QUAD == 3
#define OCTET_TARGET_NS simd_neon_dotprod
#define OCTET_BASE_NS simd_neon
#elif HWY_TARGET == HWY_EMU128
#define OCTET_TARGET_NS simd_emu128
#elif HWY_TARGET == HWY_SSE4
#define OCTET_TARGET_NS simd_sse4
#elif HWY_TARGET == HWY_AVX2
#define OCTET_TARGET_NS simd_avx2
#elif HWY_TARGET == HWY_NEON
#define OCTET_TARGET_NS simd_neon
#else
#define OCTET_TARGET_NS simd_avx3
#endif

#if OCTET_QUAD == 1
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avx512vnni")
#elif OCTET_QUAD == 3
#if HWY_COMPILER_GCC_ACTUAL
HWY_PUSH_ATTRIBUTES("arch=armv8.2-a+crypto+dotprod")
#endif
#else
HWY_BEFORE_NAMESPACE();
#endif

#if !defined(OCTET_HAS_BASE)
OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {
#if defined(OCTET_BASE_NS)
using namespace OCTET_BASE_NS;  // how sums are rounded and stored
#endif
/// The kernel of an operator is a specialisation; a template, so that only kernels that are named
/// are instantiated. A pseudo target without one takes what it stands on has.
template <kernel_id Id, class = void> struct kernel {
#if defined(OCTET_BASE_NS)
  static constexpr const kernel_entry* entry = OCTET_BASE_NS::kernel<Id>::entry;
#else
  static_assert(
      Id == kernel_id::none,
      "octet: this file compiles the kernels of some operators alone (octet/direct/*.hpp) "
      "and names another one: include octet/direct.hpp");
  static constexpr const kernel_entry* entry = nullptr;
#endif
};
/// Kernels that pack constants: what follows from K's `bytes(params)` and `pack_into(params, to)`,
/// and the entry, with K's `run`, `accepts` and `describe`.
template <class K, class Params> struct packing_kernel {
  static const Params& params(const void* p) { return *static_cast<const Params*>(p); }
  static std::size_t packed_bytes(const void* p) { return K::bytes(params(p)).packed; }
  static std::size_t scratch_bytes(const void* p) { return K::bytes(params(p)).scratch; }
  static void pack(void* p, std::byte* to) {
    K::pack_into(params(p), to);
    place(p, to);
  }
  static void place(void* p, const std::byte* packed) { static_cast<Params*>(p)->packed = packed; }
  static constexpr std::uint64_t (*packing)(const void* params) = nullptr;
  static constexpr kernel_entry value{.run = &K::run,
                                      .packed_bytes = &packed_bytes,
                                      .pack = &pack,
                                      .scratch_bytes = &scratch_bytes,
                                      .accepts = &K::accepts,
                                      .describe = &K::describe,
                                      .parallel = true,
                                      .place = &place,
                                      .packing = K::packing};
  static constexpr const kernel_entry* entry = &value;
};
/// Kernels that pack nothing, need no scratch and may run in parts: the entry, with K's `run` and
/// `describe`, and `accepts` where it has one.
template <class K> struct plain_kernel {
  static constexpr bool (*accepts)(const void* params) = nullptr;
  static constexpr kernel_entry value{
      .run = &K::run, .accepts = K::accepts, .describe = &K::describe, .parallel = true};
  static constexpr const kernel_entry* entry = &value;
};
}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END
#endif

// The families, in order of use; none includes anything. A file that wants few of them compiles
// those alone: each block goes by OCTET_WANTS_NAME, and once it is there (OCTET_HAS_NAME,
// passes.hpp) later passes of the same file leave it out.
// clang-format off
#if defined(OCTET_BASE_NS)
#if defined(OCTET_PASS_WITH_QUADS) && !defined(OCTET_HAS_QUADS)
#include "octet/kernels/simd/simd-inl.hpp"
#endif
#elif !defined(OCTET_HAS_BASE)
#include "octet/kernels/simd/simd-inl.hpp"
#include "octet/kernels/requantize-inl.hpp"
#endif
#if defined(OCTET_WANTS_CONVOLUTIONS) && !defined(OCTET_HAS_CONVOLUTIONS)
#if !defined(OCTET_BASE_NS)
#include "octet/kernels/epilogue-inl.hpp"
#endif
#include "octet/kernels/gemm-inl.hpp"
#include "octet/kernels/conv2d-inl.hpp"
#include "octet/kernels/depthwise_products-inl.hpp"
#include "octet/kernels/depthwise-inl.hpp"
#endif
#if defined(OCTET_WANTS_DEPTHWISE) && !defined(OCTET_HAS_DEPTHWISE)
#include "octet/kernels/depthwise_runs-inl.hpp"
#include "octet/kernels/depthwise_slide-inl.hpp"
#include "octet/kernels/depthwise_layer-inl.hpp"
#endif
#if !defined(OCTET_BASE_NS)  // a pseudo target takes these kernels from the one it stands on
#if defined(OCTET_WANTS_SUMS) && !defined(OCTET_HAS_SUMS)
#include "octet/kernels/add-inl.hpp"
#endif
#endif
#if defined(OCTET_WANTS_EVERY_KERNEL) && !defined(OCTET_HAS_EVERY_KERNEL)
#include "octet/kernels/products-inl.hpp"
#include "octet/kernels/dynamic_layer-inl.hpp"
#if !defined(OCTET_BASE_NS)
// clang-format off
#include "octet/kernels/fused_math-inl.hpp"
#include "octet/kernels/mlas_math-inl.hpp"
#include "octet/kernels/xnnpack_math-inl.hpp"
#include "octet/kernels/uniform_requantize-inl.hpp"
#include "octet/kernels/elementwise-inl.hpp"
#include "octet/kernels/functions-inl.hpp"
#include "octet/kernels/binary-inl.hpp"
#include "octet/kernels/choices-inl.hpp"
#include "octet/kernels/dynamic-inl.hpp"
#include "octet/kernels/values-inl.hpp"
#include "octet/kernels/float_gemm-inl.hpp"
#include "octet/kernels/averages-inl.hpp"
#include "octet/kernels/pool-inl.hpp"
#include "octet/kernels/mean_aten-inl.hpp"
#include "octet/kernels/resize-inl.hpp"
#include "octet/kernels/weighted-inl.hpp"
#include "octet/kernels/local_response-inl.hpp"
#include "octet/kernels/softmax-inl.hpp"
#include "octet/kernels/softmax_across-inl.hpp"
#include "octet/kernels/attention-inl.hpp"
#include "octet/kernels/recurrent-inl.hpp"
#include "octet/kernels/layer_norm-inl.hpp"
#include "octet/kernels/rows-inl.hpp"
#include "octet/kernels/volume-inl.hpp"
// clang-format on
#endif
#endif

#if defined(OCTET_TEST_PASS) && !defined(OCTET_HAS_BASE)
#if !defined(OCTET_BASE_NS) && !defined(OCTET_WANTS_EVERY_KERNEL)
#include "octet/kernels/uniform_requantize-inl.hpp"
#endif
#include OCTET_TEST_PASS
#endif

#if OCTET_QUAD == 3
#if HWY_COMPILER_GCC_ACTUAL
HWY_POP_ATTRIBUTES
#endif
#else
HWY_AFTER_NAMESPACE();
#endif
#undef OCTET_TARGET_NS
#undef OCTET_BASE_NS
#undef OCTET_QUAD

#endif  // !OCTET_PASS_NONE, or nothing for a pseudo target
#endif  // OCTET_KERNEL_PASS
