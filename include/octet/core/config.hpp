// octet: version, build modes and the few macros every header needs.
#ifndef OCTET_CORE_CONFIG_HPP_
#define OCTET_CORE_CONFIG_HPP_

#define OCTET_VERSION_MAJOR 0
#define OCTET_VERSION_MINOR 1
#define OCTET_VERSION_PATCH 0
#define OCTET_VERSION_STRING "0.1.0"

// Build modes:
//   (default)                          everything inline, in every file that includes it
//   OCTET_FEW_KERNELS                  the same, with the kernels of octet/direct/*.hpp alone: for
//                                      files that include the single header for a few direct calls
//   OCTET_EXTERN                       declarations only; link octet::compiled or one file with
//                                      OCTET_IMPLEMENTATION
//   OCTET_EXTERN, OCTET_IMPLEMENTATION the one file that defines what OCTET_EXTERN declares
//   OCTET_EXTERN, OCTET_IMPORT_IMPLEMENTATION  the same for the importers that it includes
// octet::compiled compiles the kernels by themselves, so that two cores share the longest compile:
// OCTET_KERNELS_IMPLEMENTATION in one file, OCTET_WITHOUT_KERNELS in that with the rest.
#if !defined(OCTET_EXTERN) || defined(OCTET_IMPLEMENTATION)
#define OCTET_HAS_DEFINITIONS 1
#else
#define OCTET_HAS_DEFINITIONS 0
#endif
#if (OCTET_HAS_DEFINITIONS && !defined(OCTET_WITHOUT_KERNELS)) || \
    defined(OCTET_KERNELS_IMPLEMENTATION)
#define OCTET_HAS_KERNELS 1
#else
#define OCTET_HAS_KERNELS 0
#endif
#if OCTET_HAS_DEFINITIONS || defined(OCTET_IMPORT_IMPLEMENTATION)
#define OCTET_HAS_IMPORT_DEFINITIONS 1
#else
#define OCTET_HAS_IMPORT_DEFINITIONS 0
#endif
#if defined(OCTET_EXTERN)
#define OCTET_INLINE
#else
#define OCTET_INLINE inline
#endif

// In the inline mode two files built with different -march flags see different code for the same
// inline function. The inline namespace is named after the instruction set of the file, so that the
// linker cannot merge them (it did: FMA code then ran on a CPU without it). One name per
// instruction set that changes which kernel passes such a file compiles (kernels/targets.hpp), or
// how scalar code is compiled.
#if defined(OCTET_EXTERN)
#define OCTET_ABI v0
#elif defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && \
    defined(__AVX512VL__) && defined(__AVX512VNNI__)
#define OCTET_ABI v0_avx512_vnni
#elif defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && \
    defined(__AVX512VL__)
#define OCTET_ABI v0_avx512
#elif defined(__AVX512F__)
#define OCTET_ABI v0_avx512f
#elif defined(__AVX2__) && defined(__FMA__) && defined(__AES__) && defined(__PCLMUL__)
#define OCTET_ABI v0_avx2_fma_aes
#elif defined(__AVX2__) && defined(__FMA__)
#define OCTET_ABI v0_avx2_fma
#elif defined(__AVX2__)
#define OCTET_ABI v0_avx2
#elif defined(__AVX__)
#define OCTET_ABI v0_avx
#elif defined(__SSE4_2__) && defined(__AES__) && defined(__PCLMUL__)
#define OCTET_ABI v0_sse4_aes
#elif defined(__SSE4_2__)
#define OCTET_ABI v0_sse4
#elif defined(__SSSE3__)
#define OCTET_ABI v0_ssse3
#elif defined(__ARM_FEATURE_SVE)
#define OCTET_ABI v0_sve
#elif defined(__ARM_FEATURE_DOTPROD)
#define OCTET_ABI v0_dotprod
#else
#define OCTET_ABI v0_base
#endif

// OCTET_COLD: what verifies, prepares and makes errors runs once, and every header-only file
// compiles it again: for size.
#if defined(__clang__) || defined(__GNUC__)
#define OCTET_ALWAYS_INLINE inline __attribute__((always_inline))
#define OCTET_NOINLINE __attribute__((noinline))
#define OCTET_COLD __attribute__((noinline, cold))
#else
#define OCTET_ALWAYS_INLINE inline
#define OCTET_NOINLINE
#define OCTET_COLD
#endif

// Between these two, floating-point arithmetic means exactly what it says, whatever flags the user
// builds with (-ffast-math, -ffp-contract=fast). See also numerics/fp.hpp, rounded().
#if defined(__clang__)
#define OCTET_FP_EXACT_BEGIN                                           \
  _Pragma("float_control(push)") _Pragma("float_control(precise, on)") \
      _Pragma("clang fp contract(off)")
#define OCTET_FP_EXACT_END _Pragma("float_control(pop)")
#elif defined(__GNUC__)
#define OCTET_FP_EXACT_BEGIN \
  _Pragma("GCC push_options") _Pragma("GCC optimize(\"no-fast-math\",\"fp-contract=off\")")
#define OCTET_FP_EXACT_END _Pragma("GCC pop_options")
#else
#error "octet builds with g++ and clang++"
#endif

// What verifies, prepares and makes errors, in header-only files: by g++ at -O1, for half the time
// of its own (a sixth of a file with one octet::add) and a call that takes as long.
#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__) && \
    !defined(__OPTIMIZE_SIZE__) && !defined(OCTET_EXTERN) && !defined(OCTET_EVERY_FORM)
#define OCTET_OPTIMIZE_LESS _Pragma("GCC optimize(\"O1\")")
#else
#define OCTET_OPTIMIZE_LESS
#endif

// Opens and closes octet's namespace, in every header, and with it exact arithmetic. Inner
// namespaces are opened by hand inside, so that editors and ctags see plain code.
#define OCTET_NAMESPACE_BEGIN \
  OCTET_FP_EXACT_BEGIN        \
  namespace octet {           \
  inline namespace OCTET_ABI {
/// The same, in headers of what runs once; closed by OCTET_NAMESPACE_END.
#define OCTET_COLD_NAMESPACE_BEGIN \
  OCTET_FP_EXACT_BEGIN             \
  OCTET_OPTIMIZE_LESS              \
  namespace octet {                \
  inline namespace OCTET_ABI {
#define OCTET_NAMESPACE_END \
  }                         \
  }                         \
  OCTET_FP_EXACT_END

#endif  // OCTET_CORE_CONFIG_HPP_
