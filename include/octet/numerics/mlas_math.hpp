// exp, tanh, the logistic function and erf of binary32, and sums of products, as ONNX Runtime's
// loops (MLAS) compute them on x86-64 with fused multiply-add and AVX-512: rounding ORT of floats.
// None is correctly rounded; the order of operations is part of the result. kernels/mlas_math-inl
// has the same operations on vectors.
#ifndef OCTET_NUMERICS_MLAS_MATH_HPP_
#define OCTET_NUMERICS_MLAS_MATH_HPP_

#include <cstddef>

#include "octet/numerics/fma.hpp"
#include "octet/numerics/fused_math.hpp"
#include "octet/numerics/math.hpp"

OCTET_NAMESPACE_BEGIN
namespace numerics {

/// Numbers of the formulas below, from ONNX Runtime (THIRD_PARTY_NOTICES.md).
namespace mlas {
/// 1.5 * 2^23: added and taken off again it rounds to an integer, ties to even.
inline constexpr float integer_magic = 12582912.f;
inline constexpr float log2_e = 1.44269504088896341f, ln2_high = -6.93145752e-1f,
                       ln2_low = -1.42860677e-6f;
inline constexpr float exp_lowest = -103.9720840454f, exp_highest = 88.7762626647950f,
                       softmax_lowest = -88.3762626647949f;
inline constexpr float exp_c[] = {
    0x1.694000p-10f, 0x1.125edcp-7f, 0x1.555b5ap-5f, 0x1.555450p-3f, 0x1.fffff6p-2f, 1.f, 1.f};
inline constexpr float tanh_bound = 9.f;
inline constexpr float tanh_odd[] = {
    -2.76076847742355e-16f, 2.00018790482477e-13f, -8.60467152213735e-11f, 5.12229709037114e-08f,
    1.48572235717979e-05f,  6.37261928875436e-04f, 4.89352455891786e-03f};
inline constexpr float tanh_even[] = {1.19825839466702e-06f, 1.18534705686654e-04f,
                                      2.26843463243900e-03f, 4.89352518554385e-03f};
inline constexpr float logistic_bound = 18.f;
inline constexpr float logistic_odd[] = {4.37031012579801e-11f, 1.15627324459942e-07f,
                                         6.08574864600143e-05f, 8.51377133304701e-03f,
                                         2.48287947061529e-01f};
inline constexpr float logistic_even[] = {6.10247389755681e-13f, 5.76102136993427e-09f,
                                          6.29106785017040e-06f, 1.70198817374094e-03f,
                                          1.16817656904453e-01f, 9.93151921023180e-01f};
/// Up to `erf_split` x + x P(x^2), above 1 - exp(-(a + a Q(a))), a = min(|x|, erf_highest).
inline constexpr float erf_split = 0.921875f, erf_highest = 3.925f;
inline constexpr float erf_small[] = {-5.99104969e-4f, 4.99339588e-3f,  -2.67667342e-2f,
                                      1.12818025e-1f,  -3.76124859e-1f, 1.28379151e-1f};
inline constexpr float erf_big[] = {1.72948930e-5f,  -3.83208680e-4f, 3.88393435e-3f,
                                    -2.42545605e-2f, 1.06777847e-1f,  6.34846687e-1f,
                                    1.28717512e-1f};
inline constexpr float erf_exp[] = {
    1.38319808e-3f, 8.37550033e-3f, 4.16689515e-2f, 1.66664466e-1f, 4.99999851e-1f, 1.f, 1.f};
inline constexpr float root_half = 0.70710678118654752f;
inline constexpr float gelu_cubic = 0.035677408136300125f, gelu_linear = 0.7978845608028654f;
}  // namespace mlas

namespace detail {
/// rint(x * log2 e) with one rounding, |result| < 2^22.
constexpr float mlas_exponent(float x) noexcept {
  return sub(fma(x, mlas::log2_e, mlas::integer_magic), mlas::integer_magic);
}
/// x - m ln 2 in two steps.
constexpr float mlas_reduced(float x, float m) noexcept {
  return fma(m, mlas::ln2_low, fma(m, mlas::ln2_high, x));
}
}  // namespace detail

/// exp(x), denormal results rounded once; of softmax: 0 where rint(x log2 e) is below -126. NaN
/// gives NaN.
constexpr float exp_mlas(float x, bool of_softmax = false) noexcept {
  if (is_nan(x)) return x;
  const float v = clamp(x, of_softmax ? mlas::softmax_lowest : mlas::exp_lowest, mlas::exp_highest),
              m = detail::mlas_exponent(v);
  if (of_softmax && m < -126.f) return 0.f;
  const float p = detail::fused_polynomial(mlas::exp_c, detail::mlas_reduced(v, m));
  const auto q = static_cast<std::int32_t>(m);
  return mul(mul(p, detail::float_pow2(q >> 1)), detail::float_pow2(q - (q >> 1)));
}
constexpr float tanh_mlas(float x) noexcept {
  if (is_nan(x)) return x;
  const float v = clamp(x, -mlas::tanh_bound, mlas::tanh_bound), z = mul(v, v);
  return div(mul(detail::fused_polynomial(mlas::tanh_odd, z), v),
             detail::fused_polynomial(mlas::tanh_even, z));
}
constexpr float logistic_mlas(float x) noexcept {
  if (is_nan(x)) return x;
  const float v = clamp(x, -mlas::logistic_bound, mlas::logistic_bound), z = mul(v, v),
              y = add(div(mul(detail::fused_polynomial(mlas::logistic_odd, z), v),
                          detail::fused_polynomial(mlas::logistic_even, z)),
                      0.5f);
  return clamp(y, 0.f, 1.f);
}
constexpr float erf_mlas(float x) noexcept {
  if (is_nan(x)) return x;
  const float a = with_sign(x, 1.f);
  if (!(a > mlas::erf_split))
    return with_sign(fma(detail::fused_polynomial(mlas::erf_small, mul(a, a)), a, a), x);
  const float b = a < mlas::erf_highest ? a : mlas::erf_highest,
              r = -fma(detail::fused_polynomial(mlas::erf_big, b), b, b),
              m = detail::mlas_exponent(r),
              p = detail::fused_polynomial(mlas::erf_exp, detail::mlas_reduced(r, m));
  return with_sign(sub(1.f, mul(p, detail::float_pow2(static_cast<std::int32_t>(m)))), x);
}
/// (x / 2) (erf(x / sqrt 2) + 1); approximate: by tanh.
constexpr float gelu_mlas(float x, bool approximate) noexcept {
  const float half = mul(x, 0.5f);
  if (!approximate) return mul(half, add(erf_mlas(mul(x, mlas::root_half)), 1.f));
  const float t = mul(x, add(mul(mul(mlas::gelu_cubic, x), x), mlas::gelu_linear));
  return mul(half, add(tanh_mlas(t), 1.f));
}

// ---- sums of products ----

/// How the products of one output element are added.
struct mlas_order {
  /// One row times a matrix that is not packed: unfused products in fours ((0 + 1) + 2) + 3, the
  /// rest a pair and one, each group added to the sum. Else chains of fused multiply-adds from 0,
  /// a chain for each `block` products, added in order.
  bool fours = false;
  std::size_t steps = 0, block = 0;

  /// Where the group of product `at` ends.
  constexpr std::size_t end_of(std::size_t at) const noexcept {
    if (!fours) return (at / block + 1) * block;
    const std::size_t whole = steps / 4 * 4;
    if (at < whole) return at / 4 * 4 + 4;
    return steps - whole >= 2 && at < whole + 2 ? whole + 2 : at + 1;
  }
};
/// Products of a block: MLAS cuts K of a packed matrix at 256; of one that is computed at 128, or
/// more where it has few columns.
constexpr std::size_t mlas_block(bool packed, std::size_t columns, std::size_t steps) noexcept {
  if (packed) return 256;
  std::size_t block = 128, width = 128;
  if (columns < steps)
    for (; width > 16 && width / 2 >= columns; width /= 2) block *= 2;
  return block;
}
/// The order of a product with a matrix of that many columns. `scaled`: times alpha.
constexpr mlas_order mlas_product_order(bool packed, bool one_row, bool scaled, std::size_t columns,
                                        std::size_t steps) noexcept {
  return {one_row && !packed && !scaled, steps, mlas_block(packed, columns, steps)};
}

/// A sum in that order: alpha * (the first group) or fma(group, alpha, start), and so on.
class mlas_sum {
 public:
  constexpr explicit mlas_sum(const mlas_order& o, float alpha = 1.f) noexcept
      : order_(o), end_(o.end_of(0)), alpha_(alpha) {}
  constexpr mlas_sum(const mlas_order& o, float alpha, float start) noexcept : mlas_sum(o, alpha) {
    total_ = start, begun_ = true;
  }
  /// Product `at` of all; those left out (padding) are 0.
  constexpr void add_product(std::size_t at, float a, float b) noexcept {
    if (at >= end_) end_group(), end_ = order_.end_of(at);
    chain_ = order_.fours ? add(chain_, mul(a, b)) : fma(a, b, chain_);
  }
  constexpr void end_group() noexcept {
    total_ = begun_ ? fma(chain_, alpha_, total_) : mul(chain_, alpha_);
    chain_ = 0, begun_ = true;
  }
  constexpr float value() const noexcept {
    return begun_ ? fma(chain_, alpha_, total_) : mul(chain_, alpha_);
  }

 private:
  mlas_order order_;
  std::size_t end_;
  float alpha_, chain_ = 0, total_ = 0;
  bool begun_ = false;
};

/// The sum of N lanes: the upper half is added to the lower, again and again.
template <class T, std::size_t N> constexpr T sum_of_halves(T (&v)[N]) noexcept {
  for (std::size_t half = N / 2; half > 0; half /= 2)
    for (std::size_t k = 0; k < half; ++k) v[k] = add(v[k], v[k + half]);
  return v[0];
}
/// Softmax's 16 lanes: lanes j and j + 8, then neighbours.
constexpr float sum_of_softmax_lanes(float (&v)[16]) noexcept {
  for (std::size_t k = 0; k < 8; ++k) v[k] = add(v[k], v[k + 8]);
  for (std::size_t n = 8; n > 1; n /= 2)
    for (std::size_t k = 0; k < n / 2; ++k) v[k] = add(v[2 * k], v[2 * k + 1]);
  return v[0];
}

}  // namespace numerics
OCTET_NAMESPACE_END

#endif  // OCTET_NUMERICS_MLAS_MATH_HPP_
