// Compiles every kernels/*-inl.hpp once per SIMD target: pass-inl.hpp is included once per target
// with Highway's HWY_TARGET set to it. Passes run for the targets at or above the one that the
// file's own -march flags imply: the CPU runs those flags anyway.
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

#include "octet/kernels/depthwise.hpp"
#include "octet/kernels/detect.hpp"
#include "octet/kernels/float_gemm.hpp"
#include "octet/kernels/gemm.hpp"
#include "octet/ops/add.hpp"
#include "octet/ops/attention.hpp"
#include "octet/ops/batch_matmul.hpp"
#include "octet/ops/binary.hpp"
#include "octet/ops/conv2d.hpp"
#include "octet/ops/dequantize.hpp"
#include "octet/ops/dynamic.hpp"
#include "octet/ops/dynamic_layers.hpp"
#include "octet/ops/dynamic_transpose.hpp"
#include "octet/ops/embedding_bag.hpp"
#include "octet/ops/fake_quantize.hpp"
#include "octet/ops/float_layers.hpp"
#include "octet/ops/fully_connected.hpp"
#include "octet/ops/gather.hpp"
#include "octet/ops/grid_sample.hpp"
#include "octet/ops/layer_norm.hpp"
#include "octet/ops/local_response.hpp"
#include "octet/ops/lstm.hpp"
#include "octet/ops/lut.hpp"
#include "octet/ops/movement.hpp"
#include "octet/ops/mul.hpp"
#include "octet/ops/norm.hpp"
#include "octet/ops/pool2d.hpp"
#include "octet/ops/prelu.hpp"
#include "octet/ops/quantize.hpp"
#include "octet/ops/recurrent.hpp"
#include "octet/ops/reduce.hpp"
#include "octet/ops/requantize.hpp"
#include "octet/ops/requantize_add.hpp"
#include "octet/ops/resample.hpp"
#include "octet/ops/resize.hpp"
#include "octet/ops/softmax.hpp"
#include "octet/ops/svdf.hpp"
#include "octet/ops/transpose_conv2d.hpp"
#include "octet/ops/unary.hpp"

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

#define OCTET_KERNEL_PASS

#if OCTET_HAS_EMU128
#undef HWY_TARGET
#define HWY_TARGET HWY_EMU128
#include "octet/kernels/pass-inl.hpp"
#endif
#if OCTET_HAS_SSE4
#undef HWY_TARGET
#define HWY_TARGET HWY_SSE4
#include "octet/kernels/pass-inl.hpp"
#endif
#if OCTET_HAS_AVX2
#undef HWY_TARGET
#define HWY_TARGET HWY_AVX2
#include "octet/kernels/pass-inl.hpp"
#if OCTET_HAS_AVX2_VNNI_EMULATED
#define OCTET_PASS_QUAD 2
#include "octet/kernels/pass-inl.hpp"
#undef OCTET_PASS_QUAD
#endif
#if OCTET_HAS_AVX2_VNNI
#define OCTET_PASS_QUAD 4
#include "octet/kernels/pass-inl.hpp"
#undef OCTET_PASS_QUAD
#endif
#endif
#if OCTET_HAS_AVX3
#undef HWY_TARGET
#if HWY_STATIC_TARGET < HWY_AVX3
#define HWY_TARGET HWY_STATIC_TARGET  // ops above AVX3: the file's own flags ask for them
#else
#define HWY_TARGET HWY_AVX3
#endif
#include "octet/kernels/pass-inl.hpp"
#define OCTET_PASS_QUAD 1
#include "octet/kernels/pass-inl.hpp"
#undef OCTET_PASS_QUAD
#endif
#if OCTET_HAS_NEON
#undef HWY_TARGET
#define HWY_TARGET HWY_NEON
#include "octet/kernels/pass-inl.hpp"
#if OCTET_HAS_NEON_DOTPROD
#define OCTET_PASS_QUAD 3
#include "octet/kernels/pass-inl.hpp"
#undef OCTET_PASS_QUAD
#endif
#endif

// Back to the static target for whatever this file includes next.
#undef HWY_TARGET
#define HWY_TARGET HWY_STATIC_TARGET
#define OCTET_PASS_NONE
#include "octet/kernels/pass-inl.hpp"
#undef OCTET_PASS_NONE

#undef OCTET_KERNEL_PASS

#endif  // OCTET_KERNELS_TARGETS_HPP_
