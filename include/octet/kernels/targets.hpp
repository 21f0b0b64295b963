// The SIMD targets that this file compiles kernels for, and the first passes over them. Passes run
// for the targets at or above the one that the file's own -march flags imply: the CPU runs those
// flags anyway.
#ifndef OCTET_KERNELS_TARGETS_HPP_
#define OCTET_KERNELS_TARGETS_HPP_

#if defined(HIGHWAY_HWY_FOREACH_TARGET_H_)
#error \
    "octet: this file includes hwy/foreach_target.h before octet's kernels; \
define OCTET_EXTERN in it and link octet::compiled"
#endif
#if defined(HWY_WANT_AVX3_DL)
#error \
    "octet: HWY_WANT_AVX3_DL makes Highway 1.0.3 emit AVX-VNNI encodings on CPUs that lack them; \
octet has its own VNNI target and does not need it"
#endif

// Highway 1.0.3 refuses files whose -march flags give its AVX3_DL target (-march=sapphirerapids,
// -march=native there) unless it is asked for by the macro above.
#if !defined(HWY_DISABLED_TARGETS) && defined(__AVXVNNI__) && defined(__AVX512VBMI2__)
#define HWY_DISABLED_TARGETS HWY_AVX3_DL
#endif
#include <hwy/highway.h>

#include <cstring>

#include "octet/kernels/detect.hpp"
#include "octet/kernels/simd/layouts.hpp"
#include "octet/numerics/requantize.hpp"

// OCTET_HAS_*: which passes this file compiles. OCTET_TEST_TARGETS: also those that only tests run.
#if defined(OCTET_TEST_TARGETS)
#define OCTET_HAS_EMU128 1
#else
#define OCTET_HAS_EMU128 0
#endif
#if HWY_ARCH_X86
#define OCTET_HAS_SSE4 \
  (HWY_STATIC_TARGET >= HWY_SSE4 && !((HWY_DISABLED_TARGETS | HWY_BROKEN_TARGETS) & HWY_SSE4))
#define OCTET_HAS_AVX2 \
  (HWY_STATIC_TARGET >= HWY_AVX2 && !((HWY_DISABLED_TARGETS | HWY_BROKEN_TARGETS) & HWY_AVX2))
#define OCTET_HAS_AVX3 (!((HWY_DISABLED_TARGETS | HWY_BROKEN_TARGETS) & HWY_AVX3))
// Not in header-only files, which its pass makes a sixth longer to compile.
#if OCTET_HAS_AVX2 && defined(OCTET_EXTERN)
#define OCTET_HAS_AVX2_VNNI 1
#else
#define OCTET_HAS_AVX2_VNNI 0
#endif
#if OCTET_HAS_AVX2 && defined(OCTET_TEST_TARGETS)
#define OCTET_HAS_AVX2_VNNI_EMULATED 1
#else
#define OCTET_HAS_AVX2_VNNI_EMULATED 0
#endif
#define OCTET_HAS_NEON 0
#define OCTET_HAS_NEON_DOTPROD 0
#else
#define OCTET_HAS_SSE4 0
#define OCTET_HAS_AVX2 0
#define OCTET_HAS_AVX2_VNNI 0
#define OCTET_HAS_AVX2_VNNI_EMULATED 0
#define OCTET_HAS_AVX3 0
#if HWY_ARCH_ARM_A64
#define OCTET_HAS_NEON 1
#if HWY_COMPILER_GCC_ACTUAL || defined(__ARM_FEATURE_DOTPROD)
#define OCTET_HAS_NEON_DOTPROD 1
#else
#define OCTET_HAS_NEON_DOTPROD 0
#endif
#else
#define OCTET_HAS_NEON 0
#define OCTET_HAS_NEON_DOTPROD 0
#endif
#endif

#include "octet/kernels/passes.hpp"

#endif  // OCTET_KERNELS_TARGETS_HPP_
