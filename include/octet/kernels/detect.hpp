// What this CPU can do, asked directly: no libhwy at link time.
#ifndef OCTET_KERNELS_DETECT_HPP_
#define OCTET_KERNELS_DETECT_HPP_

#include <atomic>
#include <cstdint>

#include "octet/kernels/kernel.hpp"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

OCTET_NAMESPACE_BEGIN
namespace kernels {

constexpr std::uint32_t bit_of(target t) noexcept {
  return std::uint32_t{1} << static_cast<unsigned>(t);
}

/// Beside the targets' bits: AVX512_VBMI, which no target is made of (some kernels of AVX3 have
/// code for it).
inline constexpr std::uint32_t byte_permutations = std::uint32_t{1} << 31;
static_assert(enumerators<target>.size() < 31);

/// One bit per target that the CPU and the operating system support. The conditions are Highway's
/// for the target of the same name (their code may use all of these extensions); AVX2_VNNI is AVX2
/// and the 256-bit dot product in its own encoding, AVX3_VNNI is AVX3 and the 512-bit one.
inline std::uint32_t detect_cpu() noexcept {
  std::uint32_t can = bit_of(target::reference) | bit_of(target::emu128);
#if defined(__x86_64__) || defined(__i386__)
  unsigned a = 0, b = 0, c = 0, d = 0, b7 = 0, c7 = 0, cx = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return can;
  unsigned a7 = 0, d7 = 0, ax = 0, bx = 0, dx = 0;
  if (!__get_cpuid_count(7, 0, &a7, &b7, &c7, &d7)) a7 = b7 = c7 = 0;
  unsigned a71 = 0, b71 = 0, c71 = 0, d71 = 0;
  if (a7 < 1 || !__get_cpuid_count(7, 1, &a71, &b71, &c71, &d71)) a71 = 0;
  if (!__get_cpuid(0x80000001u, &ax, &bx, &cx, &dx)) cx = 0;
  struct {
    constexpr bool operator()(unsigned r, int i) const { return r >> i & 1u; }
  } bit;
  std::uint32_t state = 0;  // XCR0: which registers the operating system saves
  if (bit(c, 27)) {
    std::uint32_t high = 0;
    __asm__ volatile("xgetbv" : "=a"(state), "=d"(high) : "c"(0));
  }
  const bool sse4 = bit(c, 0) && bit(c, 9) && bit(c, 19) && bit(c, 20) && bit(c, 1) &&
                    bit(c, 25);  // SSE3, SSSE3, SSE4.1, SSE4.2, PCLMUL, AES
  const bool avx2 = sse4 && (state & 6) == 6 && bit(c, 28) && bit(b7, 5) && bit(c, 12) &&
                    bit(c, 29) && bit(b7, 3) && bit(b7, 8) &&
                    bit(cx, 5);  // AVX, AVX2, FMA, F16C, BMI, BMI2, LZCNT
  const bool avx3 = avx2 && (state & 0xE6) == 0xE6 && bit(b7, 16) && bit(b7, 17) && bit(b7, 30) &&
                    bit(b7, 31);  // AVX512 F, DQ, BW, VL
  if (sse4) can |= bit_of(target::sse4);
  if (avx2) can |= bit_of(target::avx2) | bit_of(target::avx2_vnni_emulated);
  if (avx2 && bit(a71, 4)) can |= bit_of(target::avx2_vnni);
  if (avx3) can |= bit_of(target::avx3);
  if (avx3 && bit(c7, 1)) can |= byte_permutations;
  if (avx3 && bit(c7, 11)) can |= bit_of(target::avx3_vnni);
#elif defined(__aarch64__)
  can |= bit_of(target::neon);
#if defined(__ARM_FEATURE_DOTPROD)
  can |= bit_of(target::neon_dotprod);
#elif defined(__linux__)
  constexpr unsigned long dotprod = 1ul << 20;  // HWCAP_ASIMDDP
  if (getauxval(AT_HWCAP) & dotprod) can |= bit_of(target::neon_dotprod);
#endif
#endif
  return can;
}

/// Constant-initialized; two threads that find it empty compute the same value.
inline constinit std::atomic<std::uint32_t> cpu_targets{0};
inline std::uint32_t cpu() noexcept {
  std::uint32_t can = cpu_targets.load(std::memory_order_relaxed);
  if (can == 0) {
    can = detect_cpu();
    cpu_targets.store(can, std::memory_order_relaxed);
  }
  return can;
}

inline bool has_byte_permutations() noexcept { return (cpu() & byte_permutations) != 0; }

}  // namespace kernels
OCTET_NAMESPACE_END

#endif  // OCTET_KERNELS_DETECT_HPP_
