// One pass: every SIMD kernel for the target that HWY_TARGET names. Included by targets.hpp only,
// several times. OCTET_PASS_QUAD: a pseudo target on the same Highway ops with four-way dot
// products of bytes: 1 AVX512-VNNI, 2 the same emulated on AVX2 (tests), 3 Arm dotprod.
#if defined(OCTET_KERNEL_PASS)

// Highway's ops of this target. Those of the file's static target exist already, and so do those of
// a pseudo target: then only the macros are set again.
#if defined(OCTET_PASS_QUAD)
// nothing: the pass before this one was for the same HWY_TARGET
#elif HWY_TARGET == HWY_STATIC_TARGET
#if defined(HWY_SET_MACROS_PER_TARGET)
#undef HWY_SET_MACROS_PER_TARGET
#else
#define HWY_SET_MACROS_PER_TARGET
#endif
#include <hwy/ops/set_macros-inl.h>
#else
#if defined(HWY_TARGET_TOGGLE)
#undef HWY_TARGET_TOGGLE
#else
#define HWY_TARGET_TOGGLE
#endif
#include <hwy/highway.h>
#endif

#if !defined(OCTET_PASS_QUAD)
#define OCTET_QUAD 0
#else
#define OCTET_QUAD OCTET_PASS_QUAD
#endif
#if OCTET_QUAD == 1
#define OCTET_TARGET_NS simd_avx3_vnni
#define OCTET_BASE_NS simd_avx3
#elif OCTET_QUAD == 2
#define OCTET_TARGET_NS simd_avx2_vnni_emulated
#define OCTET_BASE_NS simd_avx2
#elif OCTET_QUAD == 3
#define OCTET_TARGET_NS simd_neon_dotprod
#define OCTET_BASE_NS simd_neon
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

// In order of use; none includes anything.
// clang-format off
#include "octet/kernels/vec-inl.hpp"
#include "octet/kernels/gemm-inl.hpp"
#include "octet/kernels/conv2d-inl.hpp"
#include "octet/kernels/depthwise-inl.hpp"
// clang-format on
#if OCTET_QUAD == 0  // a pseudo target takes these kernels from the target it stands on
#include "octet/kernels/elementwise-inl.hpp"
#include "octet/kernels/pool-inl.hpp"
#include "octet/kernels/resize-inl.hpp"
#include "octet/kernels/softmax-inl.hpp"
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

#endif  // OCTET_KERNEL_PASS
