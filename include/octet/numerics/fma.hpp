// Fused multiply-add with one rounding, without the instruction: for formulas of frameworks that
// use it, on every CPU and at compile time.
#ifndef OCTET_NUMERICS_FMA_HPP_
#define OCTET_NUMERICS_FMA_HPP_

#include "octet/numerics/fp.hpp"

OCTET_NAMESPACE_BEGIN
namespace numerics {

/// a * b + c with one rounding to binary32. The product is exact in binary64 (48 bits); the sum is
/// rounded to odd there (53 bits >= 24 + 2), so that the final rounding to 24 bits is the only one
/// that counts.
constexpr float fma(float a, float b, float c) noexcept {
  const double p = mul(static_cast<double>(a), static_cast<double>(b)), q = static_cast<double>(c);
  const double s = add(p, q);
  const double t = sub(s, p),
               error = add(sub(p, sub(s, t)), sub(q, t));  // two-sum: s + error == p + q
  const auto bits = std::bit_cast<std::uint64_t>(s);
  if (error != 0 && (bits & 1) == 0) {  // inexact and even: step to the odd neighbour on the
                                        // error's side (NaN and infinity have error NaN)
    if (!(error > 0) && !(error < 0)) return static_cast<float>(s);
    return static_cast<float>(std::bit_cast<double>((error > 0) == (s > 0) ? bits + 1 : bits - 1));
  }
  return static_cast<float>(s);
}

}  // namespace numerics
OCTET_NAMESPACE_END

#endif  // OCTET_NUMERICS_FMA_HPP_
