// Compiles the kernels that this file wants (OCTET_WANTS_NAME, the families of pass-inl.hpp) and
// has not (OCTET_HAS_NAME), once per SIMD target: pass-inl.hpp is included once per target with
// Highway's HWY_TARGET set to it. Included by targets.hpp, and again by a header that wants more;
// no guard.
#if defined(OCTET_WANTS_EVERY_KERNEL)
#define OCTET_WANTS_DEPTHWISE
#define OCTET_WANTS_SUMS
#endif
#if defined(OCTET_WANTS_DEPTHWISE)
#define OCTET_WANTS_CONVOLUTIONS
#endif

// Pseudo targets have kernels of their own in some families only.
#if defined(OCTET_TEST_PASS) ||                                                \
    (defined(OCTET_WANTS_CONVOLUTIONS) && !defined(OCTET_HAS_CONVOLUTIONS)) || \
    (defined(OCTET_WANTS_DEPTHWISE) && !defined(OCTET_HAS_DEPTHWISE)) ||       \
    (defined(OCTET_WANTS_EVERY_KERNEL) && !defined(OCTET_HAS_EVERY_KERNEL))
#define OCTET_PASS_WITH_QUADS
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

#define OCTET_HAS_BASE
#if defined(OCTET_PASS_WITH_QUADS)
#define OCTET_HAS_QUADS
#endif
#undef OCTET_KERNEL_PASS
#undef OCTET_PASS_WITH_QUADS

#if defined(OCTET_WANTS_CONVOLUTIONS)
#define OCTET_HAS_CONVOLUTIONS
#endif
#if defined(OCTET_WANTS_DEPTHWISE)
#define OCTET_HAS_DEPTHWISE
#endif
#if defined(OCTET_WANTS_SUMS)
#define OCTET_HAS_SUMS
#endif
#if defined(OCTET_WANTS_EVERY_KERNEL)
#define OCTET_HAS_EVERY_KERNEL
#endif
