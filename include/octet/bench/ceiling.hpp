// The ceiling that octet's tools measure rates against: products of independent dot products on
// registers alone, with the instructions that the target's kernels use; for what has no products,
// bytes copied by memcpy. `octet explain`, `octet bench-op` and bench_gemm use this one.
#ifndef OCTET_BENCH_CEILING_HPP_
#define OCTET_BENCH_CEILING_HPP_

#include <algorithm>
#include <chrono>
#include <cstring>
#include <vector>

#include "octet/graph/graph.hpp"

OCTET_NAMESPACE_BEGIN
namespace bench {

using clock = std::chrono::steady_clock;
inline double seconds_since(clock::time_point t) {
  return std::chrono::duration<double>(clock::now() - t).count();
}

/// What is multiplied: the instructions differ.
enum class products : std::uint8_t { of_8_bits, of_16_bits, of_float32, fused_float32 };
constexpr std::string_view name_of(products p) noexcept {
  switch (p) {
    case products::of_8_bits: return "8 bits";
    case products::of_16_bits: return "16 bits";
    case products::of_float32: return "float32";
    case products::fused_float32: return "float32, fused";
  }
  return no_enumerator;
}
/// The products of a node that multiplies and accumulates.
inline products products_of(const graph& g, const node& n) {
  if (n.in.size() < 2 || n.in[0] == no_tensor || n.in[1] == no_tensor) return products::of_8_bits;
  const dtype x = g[n.in[0]].type, w = g[n.in[1]].type;
  const bool fused = n.round == rounding::xnnpack || n.round == rounding::onnxruntime ||
                     n.round == rounding::fused_multiply_add;
  return is_float(w) && fused                 ? products::fused_float32
         : is_float(w)                        ? products::of_float32
         : x == dtype::s16 || w == dtype::s16 ? products::of_16_bits
                                              : products::of_8_bits;
}

namespace detail {

constexpr int ceiling_rounds = 20000;
/// The least of twenty times of `loop`, in seconds.
template <class F> double least_seconds(F&& loop) {
  double least = 1e9;
  for (int i = 0; i < 20; ++i) {
    const auto start = clock::now();
    loop();
    least = std::min(least, seconds_since(start));
  }
  return least;
}

}  // namespace detail

#if defined(__x86_64__) && defined(__GNUC__)

#define OCTET_TWELVE(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9) f(10) f(11)
#define OCTET_TWELVE_MORE(f) f(12) f(13) f(14) f(15) f(16) f(17) f(18) f(19) f(20) f(21) f(22) f(23)
#define OCTET_CLOBBERED                                                                    \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
      "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"
// Registers hold zeros when a loop begins: sums of what was left in them could be denormal numbers,
// which take their own time.
#define OCTET_LOOP(clear, body)                                                              \
  detail::least_seconds([] {                                                                 \
    asm volatile(clear ::: OCTET_CLOBBERED);                                                 \
    for (int i = 0; i < detail::ceiling_rounds; ++i) asm volatile(body ::: OCTET_CLOBBERED); \
    asm volatile(OCTET_LEAVE ::: OCTET_CLOBBERED);                                           \
  })
#define OCTET_LEAVE "vzeroall"

namespace detail {
/// AVX-VNNI, of four bytes or of two int16 a lane.
inline double vnni_256_ceiling(bool bytes) {
#define OCTET_B(n) "%{vex%} vpdpbusd %%ymm12, %%ymm13, %%ymm" #n "\n\t"
#define OCTET_W(n) "%{vex%} vpdpwssd %%ymm12, %%ymm13, %%ymm" #n "\n\t"
  const double seconds = bytes ? OCTET_LOOP("vzeroall", OCTET_TWELVE(OCTET_B))
                               : OCTET_LOOP("vzeroall", OCTET_TWELVE(OCTET_W));
#undef OCTET_B
#undef OCTET_W
  return 12 * (bytes ? 32 : 16) * ceiling_rounds / seconds;
}
#undef OCTET_LEAVE
#define OCTET_LEAVE ""
inline double sse4_ceiling(bool floats) {
#define OCTET_Z(n) "pxor %%xmm" #n ", %%xmm" #n "\n\t"
#define OCTET_CLEAR OCTET_TWELVE(OCTET_Z) OCTET_Z(12) OCTET_Z(13) OCTET_Z(14)
#define OCTET_F(n) \
  "movaps %%xmm13, %%xmm14\n\tmulps %%xmm12, %%xmm14\n\taddps %%xmm14, %%xmm" #n "\n\t"
#define OCTET_W(n) \
  "movdqa %%xmm13, %%xmm14\n\tpmaddwd %%xmm12, %%xmm14\n\tpaddd %%xmm14, %%xmm" #n "\n\t"
  const double seconds = floats ? OCTET_LOOP(OCTET_CLEAR, OCTET_TWELVE(OCTET_F))
                                : OCTET_LOOP(OCTET_CLEAR, OCTET_TWELVE(OCTET_W));
#undef OCTET_W
#undef OCTET_F
#undef OCTET_CLEAR
#undef OCTET_Z
  return 12 * (floats ? 4 : 8) * ceiling_rounds / seconds;
}
#undef OCTET_LEAVE
#define OCTET_LEAVE "vzeroall"
}  // namespace detail

/// Products per second of one thread on registers alone; 0 where it is not known (the reference,
/// the emulated targets, other compilers). The target must be one that this CPU can run. Takes some
/// milliseconds.
inline double ceiling(target on, products of = products::of_8_bits) {
  double per_round = 0, seconds = 1;
  const bool fused = of == products::fused_float32, floats = fused || of == products::of_float32;
  if (on == target::avx2_vnni && !floats)
    return detail::vnni_256_ceiling(of == products::of_8_bits);
  if (on == target::sse4) return detail::sse4_ceiling(floats);
  if (on == target::avx3_vnni && of == products::of_8_bits) {
#define OCTET_D(n) "vpdpbusd %%zmm30, %%zmm31, %%zmm" #n "\n\t"
    per_round = 24 * 64;
    seconds = OCTET_LOOP("vzeroall", OCTET_TWELVE(OCTET_D) OCTET_TWELVE_MORE(OCTET_D));
#undef OCTET_D
  } else if (on == target::avx3_vnni && of == products::of_16_bits) {
#define OCTET_D(n) "vpdpwssd %%zmm30, %%zmm31, %%zmm" #n "\n\t"
    per_round = 24 * 32;
    seconds = OCTET_LOOP("vzeroall", OCTET_TWELVE(OCTET_D) OCTET_TWELVE_MORE(OCTET_D));
#undef OCTET_D
  } else if ((on == target::avx3 || on == target::avx3_vnni) && !floats) {
#define OCTET_D(n) \
  "vpmaddwd %%zmm12, %%zmm13, %%zmm14\n\tvpaddd %%zmm14, %%zmm" #n ", %%zmm" #n "\n\t"
    per_round = 12 * 32;
    seconds = OCTET_LOOP("vzeroall", OCTET_TWELVE(OCTET_D));
#undef OCTET_D
  } else if ((on == target::avx3 || on == target::avx3_vnni) && fused) {
#define OCTET_D(n) "vfmadd231ps %%zmm30, %%zmm31, %%zmm" #n "\n\t"
    per_round = 24 * 16;
    seconds = OCTET_LOOP("vzeroall", OCTET_TWELVE(OCTET_D) OCTET_TWELVE_MORE(OCTET_D));
#undef OCTET_D
  } else if (on == target::avx3 || on == target::avx3_vnni) {
#define OCTET_D(n) \
  "vmulps %%zmm12, %%zmm13, %%zmm14\n\tvaddps %%zmm14, %%zmm" #n ", %%zmm" #n "\n\t"
    per_round = 12 * 16;
    seconds = OCTET_LOOP("vzeroall", OCTET_TWELVE(OCTET_D));
#undef OCTET_D
  } else if (on == target::avx2 && !floats) {
#define OCTET_D(n) \
  "vpmaddwd %%ymm12, %%ymm13, %%ymm14\n\tvpaddd %%ymm14, %%ymm" #n ", %%ymm" #n "\n\t"
    per_round = 12 * 16;
    seconds = OCTET_LOOP("vzeroall", OCTET_TWELVE(OCTET_D));
#undef OCTET_D
  } else if ((on == target::avx2 || on == target::avx2_vnni) && fused) {
#define OCTET_D(n) "vfmadd231ps %%ymm12, %%ymm13, %%ymm" #n "\n\t"
    per_round = 12 * 8;
    seconds = OCTET_LOOP("vzeroall", OCTET_TWELVE(OCTET_D));
#undef OCTET_D
  } else if (on == target::avx2 || on == target::avx2_vnni) {
#define OCTET_D(n) \
  "vmulps %%ymm12, %%ymm13, %%ymm14\n\tvaddps %%ymm14, %%ymm" #n ", %%ymm" #n "\n\t"
    per_round = 12 * 8;
    seconds = OCTET_LOOP("vzeroall", OCTET_TWELVE(OCTET_D));
#undef OCTET_D
  }
  return per_round * detail::ceiling_rounds / seconds;
}

#undef OCTET_LEAVE
#undef OCTET_LOOP
#undef OCTET_CLOBBERED
#undef OCTET_TWELVE_MORE
#undef OCTET_TWELVE

#else

inline double ceiling(target, products = products::of_8_bits) { return 0; }

#endif

/// Bytes per second, read and written together, of memcpy where it reads and writes `bytes` in all.
inline double copy_rate(double bytes) {
  const auto half = static_cast<std::size_t>(std::max(bytes / 2, 64.0));
  std::vector<std::byte> from(half, std::byte{1}), to(half);
  const std::size_t times = std::max<std::size_t>(1, (std::size_t{1} << 20) / half);
  const double seconds = detail::least_seconds([&] {
    for (std::size_t i = 0; i < times; ++i) {
      std::memcpy(to.data(), from.data(), half);
#if defined(__GNUC__)
      asm volatile("" : : "r"(to.data()), "r"(from.data()) : "memory");
#endif
    }
  });
  return 2.0 * static_cast<double>(half) * static_cast<double>(times) / seconds;
}

}  // namespace bench
OCTET_NAMESPACE_END

#endif  // OCTET_BENCH_CEILING_HPP_
