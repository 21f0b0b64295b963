// The floating-point environment that octet's arithmetic assumes, set for a scope.
#ifndef OCTET_NUMERICS_FP_ENV_HPP_
#define OCTET_NUMERICS_FP_ENV_HPP_

#include <cstdint>

#include "octet/core/config.hpp"

OCTET_NAMESPACE_BEGIN
namespace numerics {

/// While it lives, this thread rounds to nearest even, keeps subnormals (no flush to zero, no
/// denormals are zero) and takes no floating-point traps; the previous control register returns
/// with the destructor. Needed because a program linked with -ffast-math starts with subnormals
/// flushed, and an application may have set any rounding. One register read (x86-64 MXCSR, aarch64
/// FPCR), a write only where something differs; no system call. On other architectures it does
/// nothing.
class exact_environment {
 public:
  exact_environment() noexcept : before_(read()) {
    const word want = (before_ & ~must_be_clear) | must_be_set;
    changed_ = want != before_;
    if (changed_) write(want);
  }
  ~exact_environment() {
    if (changed_) write(before_);
  }
  exact_environment(const exact_environment&) = delete;
  exact_environment& operator=(const exact_environment&) = delete;

  /// True where this thread's environment is as octet needs it.
  static bool active() noexcept {
    const word w = read();
    return ((w & ~must_be_clear) | must_be_set) == w;
  }

 private:
  // The asm statements clobber memory so that no arithmetic on values that pass through memory
  // moves across them; arithmetic on registers is kept in place by rounded() (numerics/fp.hpp),
  // whose asm is not moved across a volatile one by g++ or clang in practice, and by kernels being
  // called through pointers.
#if defined(__x86_64__)
  using word = std::uint32_t;
  static constexpr word must_be_clear =
      0x6000u | 0x8000u | 0x0040u;  // rounding control, flush to zero, denormals are zero
  static constexpr word must_be_set = 0x1F80u;  // all exceptions masked
  static word read() noexcept {
    word w;
    asm volatile("stmxcsr %0" : "=m"(w)::"memory");
    return w;
  }
  static void write(word w) noexcept { asm volatile("ldmxcsr %0" ::"m"(w) : "memory"); }
#elif defined(__aarch64__)
  using word = std::uint64_t;
  static constexpr word must_be_clear =
      3u << 22 | 1u << 24 | 1u << 25 | 1u << 19 | 0x9F00u;  // RMode, FZ, DN, FZ16, trap enables
  static constexpr word must_be_set = 0;
  static word read() noexcept {
    word w;
    asm volatile("mrs %0, fpcr" : "=r"(w)::"memory");
    return w;
  }
  static void write(word w) noexcept { asm volatile("msr fpcr, %0" ::"r"(w) : "memory"); }
#else
  using word = std::uint32_t;
  static constexpr word must_be_clear = 0, must_be_set = 0;
  static word read() noexcept { return 0; }
  static void write(word) noexcept {}
#endif
  word before_;
  bool changed_ = false;
};

}  // namespace numerics
OCTET_NAMESPACE_END

#endif  // OCTET_NUMERICS_FP_ENV_HPP_
