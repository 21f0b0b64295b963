// Elementary functions over vectors of binary32, with the bits of numerics/math.hpp. Part of a
// pass: see pass-inl.hpp.
//
// The scalar functions round a value that is known to about 2^-57 once. Here it is computed in
// binary64 with a relative error below `doubt`; where everything that near rounds to one binary32
// number, that is the scalar function's result. The other lanes, about one in 2^19, and those
// outside the formula's range ask the scalar function.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// 60 times what the formulas below lose: a dozen roundings of 2^-53 and tails of 2^-52.
inline constexpr double usual_doubt = 0x1p-44;

HWY_INLINE simd::VF64 set64(double v) { return hn::Set(DF64(), v); }
/// r with x = k * ln 2 + r, |r| < 0.35, and 2^k; |x| < 700.
struct reduced_lanes {
  simd::VF64 r, power;
  explicit HWY_INLINE reduced_lanes(simd::VF64 x) {
    const simd::tag<std::uint64_t> u64;
    const auto magic = set64(0x1.8p52);
    const auto sum =
        simd::rounded(hn::Add(simd::rounded(hn::Mul(x, set64(numerics::detail::log2_e))), magic));
    const auto k = simd::rounded(hn::Sub(sum, magic));
    r = hn::Sub(simd::rounded(hn::Sub(x, hn::Mul(k, set64(numerics::detail::ln2_hi)))),
                hn::Mul(k, set64(numerics::detail::ln2_lo)));
    power =
        hn::BitCast(DF64(), hn::ShiftLeft<52>(hn::Add(hn::BitCast(u64, sum), hn::Set(u64, 1023u))));
  }
};
/// exp(r) - 1 = r + r^2 * (1/2! + r/3! + ...), |r| < 0.35: the first term left out is below 2^-52
/// of it.
HWY_INLINE simd::VF64 expm1_near_zero(simd::VF64 r) {
  constexpr double c[] = {1. / 2,       1. / 6,        1. / 24,        1. / 120,
                          1. / 720,     1. / 5040,     1. / 40320,     1. / 362880,
                          1. / 3628800, 1. / 39916800, 1. / 479001600, 1. / 6227020800.};
  auto s = set64(c[11]);
  HWY_UNROLL(11)
  for (int i = 10; i >= 0; --i) s = hn::MulAdd(s, r, set64(c[i]));
  return hn::MulAdd(hn::Mul(r, r), s, r);
}
/// exp(x) - 1; near 0 with the same relative error.
HWY_INLINE simd::VF64 expm1_lanes(simd::VF64 x) {
  const reduced_lanes e(x);
  return hn::MulAdd(e.power, expm1_near_zero(e.r), hn::Sub(e.power, set64(1)));
}

/// A function as its formula, the arguments for which that holds, and the scalar function; `doubt`:
/// relative distance within which formula and scalar function are.
struct exp_function {
  static constexpr double doubt = usual_doubt;
  static HWY_INLINE simd::VF64 value(simd::VF64 x) {
    const reduced_lanes e(x);
    return hn::MulAdd(e.power, expm1_near_zero(e.r), e.power);
  }
  static HWY_INLINE auto holds(VF x) {  // results are normal numbers
    return hn::And(hn::Ge(x, set_float(-87.f)), hn::Le(x, set_float(88.f)));
  }
  static float scalar(float x) { return numerics::exp_f32(x); }
};
/// The C library's, at most 0.502 units in the last place off before it is rounded.
struct c_library_exp_function : exp_function {
  static constexpr double doubt = 0x1p-31;
  static float scalar(float x) { return numerics::exp_c_library(x); }
};
struct expm1_function {  // x <= 0
  static constexpr double doubt = usual_doubt;
  static HWY_INLINE simd::VF64 value(simd::VF64 x) { return expm1_lanes(hn::Max(x, set64(-60))); }
  static HWY_INLINE auto holds(VF x) { return hn::Le(x, hn::Zero(DF())); }
  static float scalar(float x) { return numerics::expm1_f32(x); }
};
struct tanh_function {
  static constexpr double doubt = usual_doubt;
  static HWY_INLINE simd::VF64 value(simd::VF64 x) {
    const auto a = hn::Min(hn::Abs(x), set64(20)), e = expm1_lanes(hn::Add(a, a));
    return hn::CopySign(simd::divide(e, hn::Add(e, set64(2))), x);
  }
  static HWY_INLINE auto holds(VF x) { return hn::Eq(x, x); }
  static float scalar(float x) { return numerics::tanh_f32(x); }
};

// Polynomials through the Chebyshev nodes of their ranges, worked out with 60 digits.
/// erf(a) / a, 0 <= a <= 2, in a^2 / 2 - 1; off by less than 2^-52 of it.
inline constexpr double erf_near[] = {
    0x1.5990d95f8c2b3p-1,  -0x1.0b60e85d30896p-2,  0x1.e962f50e2314bp-4,  -0x1.8ea53db5a717fp-5,
    0x1.18a17bf1510c0p-6,  -0x1.5712a483d1feep-8,  0x1.705616d993033p-10, -0x1.5f6c684156355p-12,
    0x1.2d27beea90361p-14, -0x1.d3f5944b5f604p-17, 0x1.4c4be91d01cdep-19, -0x1.b256b6c896e22p-22,
    0x1.06d55ce81008cp-24, -0x1.281a1a6b66770p-27, 0x1.37efeda14ed01p-30, -0x1.3428d0223c47fp-33,
    0x1.1f5782e6a3060p-36, -0x1.0a510be19391ap-39, 0x1.bb18325dae03cp-43};
/// erfc(a), 2 <= a <= 4, in a - 3; off by less than 2^-52.
inline constexpr double erfc_far[] = {
    0x1.729df6503422ap-16,  -0x1.2408e9ba2081fp-13, 0x1.b60d5e974d7adp-12,  -0x1.9db74b1e742edp-11,
    0x1.11c85b1e82557p-10,  -0x1.0a7b553836b51p-10, 0x1.82f235b298242p-11,  -0x1.998b4a07db6ffp-12,
    0x1.1aa5e1ddf4e94p-13,  -0x1.d2a1b026de650p-17, -0x1.05ff29490eb3ap-16, 0x1.6a27587344367p-17,
    -0x1.96c7f83d1bee4p-19, -0x1.0649eda6da84ap-23, 0x1.e5fe5e5c9bbddp-22,  -0x1.677dfa17af48ep-23,
    0x1.3e21e7312dc98p-27,  0x1.1921546feed68p-26,  -0x1.95ffb86679145p-28, -0x1.326f28ff4a0acp-32,
    0x1.db502e6c187fbp-32};
/// (1 + 2 a) exp(a^2) erfc(a), 0.5 <= a <= 10.5, in 1.56 (a - 2.5) / (a + 2.5) + 0.04; off by less
/// than 2^-52 of it.
inline constexpr double erfc_tail[] = {
    0x1.449599db76055p+0,   -0x1.3318c1e14bfb8p-4, -0x1.778a17fdfe9fdp-5,  0x1.6b63ce4ff637dp-5,
    -0x1.28706ace8624cp-6,  0x1.cde063f85e25ep-9,  0x1.f6746b3cebbedp-14,  -0x1.a0bb400645935p-13,
    0x1.48ca93a598e4ep-17,  0x1.8f071940b7532p-17, -0x1.62192f37171f2p-21, -0x1.ccdf18c3d3f35p-21,
    -0x1.6b209b5c80a35p-28, 0x1.1d09180ccf908p-24, 0x1.12b2fa592dcf3p-27,  -0x1.37d9ac2cbaf67p-28,
    -0x1.6bb844c332dbap-30, 0x1.ae3f492e8bb8ep-33, 0x1.e6f1180977c38p-34};
template <std::size_t N> HWY_INLINE simd::VF64 polynomial(const double (&c)[N], simd::VF64 x) {
  auto s = set64(c[N - 1]);
  HWY_UNROLL(20)
  for (int i = static_cast<int>(N) - 2; i >= 0; --i) s = hn::MulAdd(s, x, set64(c[i]));
  return s;
}
HWY_INLINE simd::VF64 erf_near_zero(simd::VF64 a) {  // 0 <= a <= 2; its square is exact
  return hn::Mul(a, polynomial(erf_near, hn::MulAdd(hn::Mul(a, a), set64(0.5), set64(-1))));
}
struct erf_function {
  static constexpr double doubt = usual_doubt;
  static HWY_INLINE simd::VF64 value(simd::VF64 x) {
    const auto a = hn::Min(hn::Abs(x), set64(4));  // 1 in binary32 from there on
    const auto near = erf_near_zero(a),
               far = hn::Sub(set64(1), polynomial(erfc_far, hn::Sub(a, set64(3))));
    return hn::CopySign(hn::IfThenElse(hn::Lt(a, set64(2)), near, far), x);
  }
  static HWY_INLINE auto holds(VF x) { return hn::Eq(x, x); }
  static float scalar(float x) { return numerics::erf_f32(x); }
};
struct erfc_function {
  static constexpr double doubt = 0x1p-38;  // the scalar function's own is 2^-40
  static HWY_INLINE simd::VF64 value(simd::VF64 x) {
    const auto a = hn::Min(hn::Abs(x), set64(10.5));  // 0 in binary32 from there on
    const auto near = hn::Sub(set64(1), hn::CopySign(erf_near_zero(a), x));
    const auto w = simd::divide(hn::Sub(a, set64(2.5)), hn::Add(a, set64(2.5)));
    const auto scaled = polynomial(erfc_tail, hn::MulAdd(w, set64(1.56), set64(0.04)));
    const auto tail = hn::Mul(exp_function::value(hn::Neg(hn::Mul(a, a))),
                              simd::divide(scaled, hn::Add(set64(1), hn::Add(a, a))));
    const auto far = hn::IfThenElse(hn::Lt(x, set64(0)), hn::Sub(set64(2), tail), tail);
    return hn::IfThenElse(hn::Lt(a, set64(0.5)), near, far);
  }
  static HWY_INLINE auto holds(VF x) { return hn::Eq(x, x); }
  static float scalar(float x) { return numerics::erfc_f32(x); }
};

/// log x of numbers from 2^-1022 on, x = 2^k (1 + f), 1 + f between the roots of 1/2 and 2: twice
/// the inverse hyperbolic tangent of f / (2 + f).
HWY_INLINE simd::VF64 log_lanes64(simd::VF64 x) {
  constexpr double c[] = {1. / 3,  1. / 5,  1. / 7,  1. / 9,  1. / 11, 1. / 13,
                          1. / 15, 1. / 17, 1. / 19, 1. / 21, 1. / 23};
  constexpr std::uint64_t root_half = std::bit_cast<std::uint64_t>(0.70710678118654757);
  const simd::tag<std::uint64_t> u64;
  const auto up =
      hn::Add(hn::BitCast(u64, x), hn::Set(u64, (std::uint64_t{1023} << 52) - root_half));
  const auto m = hn::BitCast(
      DF64(),
      hn::Add(hn::And(up, hn::Set(u64, (std::uint64_t{1} << 52) - 1)), hn::Set(u64, root_half)));
  const auto k =
      hn::Sub(hn::BitCast(DF64(), hn::Or(hn::ShiftRight<52>(up), hn::BitCast(u64, set64(0x1p52)))),
              set64(0x1p52 + 1023));
  const auto f = hn::Sub(m, set64(1)), s = simd::divide(f, hn::Add(f, set64(2))), z = hn::Mul(s, s),
             twice = hn::Add(s, s), l = hn::MulAdd(hn::Mul(twice, z), polynomial(c, z), twice);
  return hn::MulAdd(k, set64(numerics::glibc::ln2), l);
}
struct log_function {
  static constexpr double doubt = usual_doubt;
  static HWY_INLINE simd::VF64 value(simd::VF64 x) { return log_lanes64(x); }
  static HWY_INLINE auto holds(VF x) {
    return hn::And(hn::Gt(x, hn::Zero(DF())), hn::Lt(x, set_float(numerics::infinity_of<float>())));
  }
  static float scalar(float x) { return numerics::log_f32(x); }
};
/// Sine and cosine of |x| up to 256: whole quarters of a turn are taken off in two steps, of which
/// the first is exact, and Taylor's polynomials of the rest.
template <bool Cosine> struct sine_function {
  static constexpr double doubt = usual_doubt;
  static HWY_INLINE simd::VF64 value(simd::VF64 x) {
    constexpr double sine[] =
        {-1. / 6,        1. / 120,         -1. / 5040,           1. / 362880,
         -1. / 39916800, 1. / 6227020800., -1. / 1307674368000., 1. / 355687428096000.},
                     cosine[] = {-1. / 2,
                                 1. / 24,
                                 -1. / 720,
                                 1. / 40320,
                                 -1. / 3628800,
                                 1. / 479001600,
                                 -1. / 87178291200.,
                                 1. / 20922789888000.,
                                 -1. / 6402373705728000.};
    const simd::tag<std::uint64_t> u64;
    const auto a = hn::Abs(x), magic = set64(0x1.8p52),
               sum = simd::rounded(
                   hn::Add(simd::rounded(hn::Mul(a, set64(0x1.45f306dc9c883p-1))), magic)),
               k = simd::rounded(hn::Sub(sum, magic));
    const auto near = simd::rounded(hn::Sub(a, hn::Mul(k, set64(0x1.921fb544p+0)))),
               r = hn::Sub(near, hn::Mul(k, set64(0x1.0b4611a626331p-34))), z = hn::Mul(r, r),
               s = hn::MulAdd(hn::Mul(r, z), polynomial(sine, z), r),
               c = hn::MulAdd(z, polynomial(cosine, z), set64(1));
    const auto one = hn::Set(u64, 1u), turns = hn::BitCast(u64, sum);
    const auto odd = hn::Eq(hn::And(turns, one), one);
    const auto y = Cosine ? hn::IfThenElse(hn::RebindMask(DF64(), odd), s, c)
                          : hn::IfThenElse(hn::RebindMask(DF64(), odd), c, s);
    const auto half = hn::And(Cosine ? hn::Add(turns, one) : turns, hn::Set(u64, 2u));
    const auto sign = hn::BitCast(DF64(), hn::ShiftLeft<62>(half));
    return hn::Xor(y, Cosine ? sign : hn::Xor(sign, hn::And(x, set64(-0.))));
  }
  static HWY_INLINE auto holds(VF x) { return hn::Le(hn::Abs(x), set_float(256.f)); }
  static float scalar(float x) { return Cosine ? numerics::cos_f32(x) : numerics::sin_f32(x); }
};

/// y, with each(i) in the lanes i where `sure` (mask_bits) has no bits.
template <class Each> HWY_INLINE VF asked_where_unsure(VF y, VF sure, const Each& each) {
  alignas(alignment) float values[lanes32];
  alignas(alignment) std::uint32_t known[lanes32];
  hn::Store(y, DF(), values);
  std::memcpy(known, &sure, sizeof(known));
  for (int i = 0; i < lanes32; ++i)
    if (known[i] == 0) values[i] = each(i);
  return hn::Load(DF(), values);
}
template <class Mask> HWY_INLINE VF mask_bits(Mask m) {
  return hn::BitCast(DF(), hn::VecFromMask(D32(), hn::RebindMask(D32(), m)));
}
inline HWY_NOINLINE VF ask_scalar(VF x, VF y, VF sure, float (*scalar)(float)) {
  alignas(alignment) float arguments[lanes32];
  hn::Store(x, DF(), arguments);
  return asked_where_unsure(y, sure, [&](int i) { return scalar(arguments[i]); });
}
/// Numbers of binary64 in two halves as floats, which are sure where a relative error of `doubt`
/// either way makes no other float.
struct doubtful_floats {
  VF value, other;
  HWY_INLINE doubtful_floats(simd::VF64 low, simd::VF64 high, double doubt)
      : value(times(low, high, 1 - doubt)), other(times(low, high, 1 + doubt)) {}
  HWY_INLINE auto sure() const { return hn::Eq(value, other); }

 private:
  static HWY_INLINE VF times(simd::VF64 low, simd::VF64 high, double by) {
    return simd::to_floats(hn::Mul(low, set64(by)), hn::Mul(high, set64(by)));
  }
};
template <class F> HWY_INLINE VF apply(VF x) {
  const hn::Half<DF> half;
  const doubtful_floats y(F::value(hn::PromoteTo(DF64(), hn::LowerHalf(half, x))),
                          F::value(hn::PromoteTo(DF64(), hn::UpperHalf(half, x))), F::doubt);
  const auto sure = hn::And(y.sure(), F::holds(x));
  if (hn::AllTrue(DF(), sure)) return y.value;
  return ask_scalar(x, y.value, mask_bits(sure), &F::scalar);
}
/// Powers by their exponents, b log a.
struct power_lanes {
  doubtful_floats y;
  VF exponents;
  /// Cut to what exp_function takes; more is not sure.
  static HWY_INLINE simd::VF64 exponent(simd::VF64 a, simd::VF64 b) {
    return hn::Min(hn::Max(hn::Mul(b, log_lanes64(a)), set64(-100)), set64(100));
  }
  // Errors of the product grow by the exponential.
  HWY_INLINE power_lanes(simd::VF64 low, simd::VF64 high)
      : y(exp_function::value(low), exp_function::value(high), 0x1p-40),
        exponents(simd::to_floats(low, high)) {}
  /// Between the least normal number and the largest.
  HWY_INLINE auto sure() const {
    return hn::And(y.sure(), hn::Le(hn::Abs(exponents), set_float(87.f)));
  }
};

// ---- the C library's expm1 and tanh: numerics/vector_math.hpp, operation by operation ----

HWY_INLINE VF rounded_product(VF a, VF b) { return simd::rounded(hn::Mul(a, b)); }
HWY_INLINE VF rounded_sum(VF a, VF b) { return simd::rounded(hn::Add(a, b)); }
HWY_INLINE VF rounded_difference(VF a, VF b) { return simd::rounded(hn::Sub(a, b)); }
/// x = k ln2 + r - c.
struct c_library_reduced {
  VF r, c;
  V32 k;
  explicit HWY_INLINE c_library_reduced(VF x) {
    namespace f = numerics::fdlibm;
    const VF half = hn::CopySign(set_float(0.5f), x);
    const V32 size = hn::BitCast(D32(), hn::Abs(x)),
              one = hn::IfThenElse(hn::Lt(hn::BitCast(D32(), x), zero32()), set32(-1), set32(1)),
              whole = hn::ConvertTo(
                  D32(), hn::Trunc(rounded_sum(rounded_product(set_float(f::per_ln2), x), half))),
              some = hn::IfThenElse(hn::Lt(size, set32(f::three_halves_ln2)), one, whole);
    k = hn::IfThenElse(hn::Gt(size, set32(f::half_ln2)), some, zero32());
    const VF t = hn::ConvertTo(DF(), k),
             high = rounded_difference(x, rounded_product(t, set_float(f::ln2_high))),
             low = rounded_product(t, set_float(f::ln2_low));
    r = rounded_difference(high, low);
    c = rounded_difference(rounded_difference(high, r), low);
  }
};
/// v * 2^k for normal v and result.
HWY_INLINE VF scaled_normal(VF v, V32 k) {
  return hn::BitCast(DF(), hn::Add(hn::BitCast(D32(), v), hn::ShiftLeft<23>(k)));
}
/// A mask of integers as one of floats.
template <class Mask> HWY_INLINE auto as_floats(Mask m) { return hn::RebindMask(DF(), m); }
/// exp(x) - 1 of numbers below 64.
HWY_INLINE VF expm1_c_library(VF x) {
  namespace f = numerics::fdlibm;
  const VF lowest = set_float(-std::bit_cast<float>(f::ln2_27)), one = set_float(1.f),
           two = set_float(2.f), point_five = set_float(0.5f);
  const c_library_reduced a(hn::Max(x, lowest));
  const VF r = a.r, half = rounded_product(point_five, r), z = rounded_product(r, half),
           q = rounded_sum(one, rounded_product(z, rounded_polynomial(f::expm1_q, z))),
           t = rounded_difference(set_float(3.f), rounded_product(q, half)),
           ratio = simd::divide(rounded_difference(q, t),
                                rounded_difference(set_float(6.f), rounded_product(r, t))),
           e0 = rounded_product(z, ratio);
  const VF e = rounded_difference(
      rounded_difference(rounded_product(r, rounded_difference(e0, a.c)), a.c), z);
  const VF less = rounded_difference(e, r), more = rounded_difference(r, e),
           power = float_pow2(hn::Neg(a.k));  // of |k| below 127
  // k = 0, -1, 1, at most -2 or above 56, 2 to 22, 23 to 56.
  const VF zero = rounded_difference(r, rounded_difference(rounded_product(r, e0), z)),
           below = rounded_difference(rounded_product(point_five, more), point_five),
           above = hn::IfThenElse(
               hn::Lt(r, set_float(-0.25f)),
               rounded_product(set_float(-2.f), rounded_difference(e, rounded_sum(r, point_five))),
               rounded_sum(one, rounded_product(two, more))),
           far = rounded_difference(scaled_normal(rounded_difference(one, less), a.k), one),
           some = scaled_normal(rounded_difference(rounded_difference(one, power), less), a.k),
           many =
               scaled_normal(rounded_sum(rounded_difference(r, rounded_sum(e, power)), one), a.k);
  VF y = hn::IfThenElse(as_floats(hn::Lt(a.k, set32(23))), some, many);
  y = hn::IfThenElse(as_floats(hn::Or(hn::Lt(a.k, set32(-1)), hn::Gt(a.k, set32(56)))), far, y);
  y = hn::IfThenElse(as_floats(hn::Eq(a.k, set32(1))), above, y);
  y = hn::IfThenElse(as_floats(hn::Eq(a.k, set32(-1))), below, y);
  y = hn::IfThenElse(as_floats(hn::Eq(a.k, zero32())), zero, y);
  const V32 size = hn::BitCast(D32(), hn::Abs(x));
  y = hn::IfThenElse(as_floats(hn::Lt(size, set32(f::tiny))), x, y);
  return hn::IfThenElse(hn::Le(x, lowest), set_float(-1.f), y);
}
HWY_INLINE VF tanh_c_library(VF x) {
  const VF a = hn::Abs(x), one = set_float(1.f), two = set_float(2.f), most = set_float(22.f);
  const auto small = hn::Lt(a, one);
  const VF twice = hn::Mul(two, hn::Min(a, most)),
           e = expm1_c_library(hn::IfThenElse(small, hn::Neg(twice), twice)),
           q = simd::divide(hn::IfThenElse(small, hn::Neg(e), two), rounded_sum(e, two));
  VF y = hn::IfThenElse(small, q, rounded_difference(one, q));
  y = hn::IfThenElse(hn::Lt(a, set_float(0x1p-55f)), rounded_product(a, rounded_sum(one, a)), y);
  y = hn::IfThenElse(hn::Lt(a, most), y, one);
  return unless_nan(x, hn::CopySign(y, x));
}

// ---- the C library's log, sine and cosine, likewise ----

HWY_INLINE simd::VF64 rounded_product(simd::VF64 a, simd::VF64 b) {
  return simd::rounded(hn::Mul(a, b));
}
HWY_INLINE simd::VF64 rounded_sum(simd::VF64 a, simd::VF64 b) {
  return simd::rounded(hn::Add(a, b));
}
HWY_INLINE simd::VF64 rounded_difference(simd::VF64 a, simd::VF64 b) {
  return simd::rounded(hn::Sub(a, b));
}
/// Of 2^whole z, whose logarithm is near that of entry `at`.
HWY_INLINE simd::VF64 log_c_library_half(hn::Vec<hn::Half<DF>> near,
                                         hn::Vec<hn::Half<D32>> exponent,
                                         hn::Vec<hn::Half<D32>> entry) {
  namespace k = numerics::glibc;
  const auto at = hn::PromoteTo(simd::tag<std::int64_t>(), entry);
  const auto z = hn::PromoteTo(DF64(), near), whole = hn::PromoteTo(DF64(), exponent);
  const auto r = rounded_difference(rounded_product(z, hn::GatherIndex(DF64(), k::log_inverse, at)),
                                    set64(1)),
             r2 = rounded_product(r, r),
             y0 = rounded_sum(hn::GatherIndex(DF64(), k::log_entry, at),
                              rounded_product(whole, set64(k::ln2))),
             y = rounded_sum(
                 rounded_product(set64(k::log_c[0]), r2),
                 rounded_sum(rounded_product(set64(k::log_c[1]), r), set64(k::log_c[2])));
  return rounded_sum(rounded_product(y, r2), rounded_sum(y0, r));
}
HWY_INLINE VF log_c_library(VF x) {
  const hn::Half<DF> half;
  const hn::Half<D32> half32;
  const auto small = hn::Lt(x, set_float(0x1p-126f));
  const V32 scaled = hn::Sub(hn::BitCast(D32(), simd::rounded(hn::Mul(x, set_float(0x1p23f)))),
                             set32(23 << 23)),
            bits = hn::IfThenElse(hn::RebindMask(D32(), small), scaled, hn::BitCast(D32(), x)),
            above = hn::Sub(bits, set32(0x3f330000)), whole = hn::ShiftRight<23>(above),
            entry = hn::And(hn::ShiftRight<19>(above), set32(15));
  const VF near = hn::BitCast(DF(), hn::Sub(bits, hn::ShiftLeft<23>(whole))),
           infinite = set_float(numerics::infinity_of<float>());
  VF y = simd::to_floats(log_c_library_half(hn::LowerHalf(half, near), hn::LowerHalf(half32, whole),
                                            hn::LowerHalf(half32, entry)),
                         log_c_library_half(hn::UpperHalf(half, near), hn::UpperHalf(half32, whole),
                                            hn::UpperHalf(half32, entry)));
  y = hn::IfThenElse(hn::Eq(x, infinite), x, y);
  y = hn::IfThenElse(hn::Lt(x, hn::Zero(DF())), set_float(numerics::nan_of<float>()), y);
  y = hn::IfThenElse(hn::Eq(x, hn::Zero(DF())), hn::Neg(infinite), y);
  return unless_nan(x, y);
}
template <bool Cosine> HWY_INLINE simd::VF64 sine_c_library_half(hn::Vec<hn::Half<DF>> v) {
  using numerics::glibc::cosine_c, numerics::glibc::sine_c;
  const hn::Half<D32> d;
  const auto x0 = hn::PromoteTo(DF64(), v);
  const auto near = hn::Lt(hn::Abs(x0), set64(static_cast<double>(numerics::glibc::sine_near)));
  const auto eighths = hn::DemoteTo(
      d, hn::IfThenZeroElse(near, rounded_product(x0, set64(numerics::glibc::quarters))));
  const auto one = hn::Set(d, 1),
             turns = hn::ShiftRight<24>(hn::Add(eighths, hn::Set(d, 0x800000)));
  const auto x = rounded_difference(x0, rounded_product(hn::PromoteTo(DF64(), turns),
                                                        set64(numerics::glibc::quarter))),
             z = rounded_product(x, x), cube = rounded_product(x, z),
             fourth = rounded_product(z, z);
  const auto sine = rounded_sum(
      rounded_sum(x, rounded_product(cube, set64(sine_c[0]))),
      rounded_product(rounded_product(cube, z),
                      rounded_sum(set64(sine_c[1]), rounded_product(z, set64(sine_c[2])))));
  const auto low =
      rounded_sum(rounded_sum(set64(cosine_c[0]), rounded_product(z, set64(cosine_c[1]))),
                  rounded_product(fourth, set64(cosine_c[2])));
  const auto cosine = rounded_sum(
      low,
      rounded_product(rounded_product(fourth, z),
                      rounded_sum(set64(cosine_c[3]), rounded_product(z, set64(cosine_c[4])))));
  // By sine (1) or by cosine (0), and whether its sign is turned.
  const auto by_sine = Cosine ? hn::And(turns, one) : hn::AndNot(turns, one),
             turned = hn::And(hn::ShiftRight<1>(hn::Add(turns, by_sine)), one);
  const auto y = hn::IfThenElse(hn::Gt(hn::PromoteTo(DF64(), by_sine), set64(0.5)), sine, cosine);
  return hn::IfThenElse(hn::Gt(hn::PromoteTo(DF64(), turned), set64(0.5)), hn::Neg(y), y);
}
template <bool Cosine> HWY_INLINE VF sine_c_library(VF x) {
  const hn::Half<DF> half;
  const VF size = hn::Abs(x),
           y = simd::to_floats(sine_c_library_half<Cosine>(hn::LowerHalf(half, x)),
                               sine_c_library_half<Cosine>(hn::UpperHalf(half, x)));
  const VF all = hn::IfThenElse(hn::Lt(size, set_float(numerics::glibc::sine_tiny)),
                                Cosine ? set_float(1.f) : x, y);
  const auto known = hn::Lt(size, set_float(numerics::glibc::sine_far));
  if (hn::AllTrue(DF(), known)) return all;
  return ask_scalar(x, all, mask_bits(known),
                    Cosine ? &numerics::cos_c_library : &numerics::sin_c_library);
}

// ---- float32 operators of one input ----

HWY_INLINE VF relu6_lanes(VF v) {
  const VF six = set_float(6.f), zero = hn::Zero(DF());
  return hn::IfThenElse(hn::Le(v, zero), zero, hn::IfThenElse(hn::Ge(v, six), six, v));
}
/// Not sqrtps: -ffast-math makes an estimate of it. Twice 24 bits and two more are enough for one
/// rounding to count.
HWY_INLINE VF sqrt_lanes(VF x) {
  const hn::Half<DF> half;
  const auto low = hn::Sqrt(hn::PromoteTo(DF64(), hn::LowerHalf(half, x))),
             high = hn::Sqrt(hn::PromoteTo(DF64(), hn::UpperHalf(half, x)));
  const VF y = simd::to_floats(low, high);
  return hn::IfThenElse(hn::Lt(x, hn::Zero(DF())), set_float(numerics::nan_of<float>()), y);
}

struct relu_lanes {
  VF lo, hi;
  explicit HWY_INLINE relu_lanes(const unary_params& p)
      : relu_lanes(laws::bounds_of(ops::activation_of(p.function))) {}
  explicit HWY_INLINE relu_lanes(const laws::real_bounds& b)
      : lo(set_float(b.lo.value_or(-std::numeric_limits<float>::infinity()))),
        hi(set_float(b.hi.value_or(std::numeric_limits<float>::infinity()))) {}
  HWY_INLINE VF operator()(VF x) const { return clamp_lanes(x, lo, hi); }
};
struct leaky_lanes {
  VF alpha;
  explicit HWY_INLINE leaky_lanes(const unary_params& p) : alpha(set_float(p.alpha)) {}
  HWY_INLINE VF operator()(VF x) const {
    return hn::IfThenElse(hn::Gt(x, hn::Zero(DF())), x, hn::Mul(x, alpha));
  }
};
struct hard_swish_lanes {
  explicit HWY_INLINE hard_swish_lanes(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const {
    const VF gate = relu6_lanes(simd::rounded(hn::Add(x, set_float(3.f))));
    return simd::divide(simd::rounded(hn::Mul(x, gate)), set_float(6.f));
  }
};
struct hard_sigmoid_lanes {
  explicit HWY_INLINE hard_sigmoid_lanes(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const {
    return simd::divide(relu6_lanes(simd::rounded(hn::Add(x, set_float(3.f)))), set_float(6.f));
  }
};
template <bool CLibrary> struct elu_by_lanes {
  VF alpha;
  explicit HWY_INLINE elu_by_lanes(const unary_params& p) : alpha(set_float(p.alpha)) {}
  HWY_INLINE VF operator()(VF x) const {
    const auto below = hn::Lt(x, hn::Zero(DF()));
    const VF v = hn::IfThenElseZero(below, x);
    VF e;
    if constexpr (CLibrary)
      e = expm1_c_library(v);
    else
      e = apply<expm1_function>(v);
    return hn::IfThenElse(below, hn::Mul(e, alpha), x);
  }
};
using elu_lanes = elu_by_lanes<false>;
template <class Exp> struct exp_by_lanes {
  explicit HWY_INLINE exp_by_lanes(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const { return apply<Exp>(x); }
};
using exp_lanes = exp_by_lanes<exp_function>;
struct tanh_lanes {
  explicit HWY_INLINE tanh_lanes(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const { return apply<tanh_function>(x); }
};
struct tanh_c_library_lanes {
  explicit HWY_INLINE tanh_c_library_lanes(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const { return tanh_c_library(x); }
};
struct gelu_lanes {  // by tanh
  explicit HWY_INLINE gelu_lanes(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const {
    VF cube = set_float(0.044715f);
    for (int i = 0; i < 3; ++i) cube = simd::rounded(hn::Mul(cube, x));
    const VF inner =
        simd::rounded(hn::Mul(set_float(0.797884561f), simd::rounded(hn::Add(x, cube))));
    return hn::Mul(simd::rounded(hn::Mul(set_float(0.5f), x)),
                   simd::rounded(hn::Add(set_float(1.f), apply<tanh_function>(inner))));
  }
};
struct exact_gelu_lanes {
  explicit HWY_INLINE exact_gelu_lanes(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const {
    return hn::Mul(simd::rounded(hn::Mul(set_float(0.5f), x)),
                   apply<erfc_function>(simd::rounded(hn::Mul(x, set_float(-0.707106781f)))));
  }
};
struct erf_lanes {
  explicit HWY_INLINE erf_lanes(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const { return apply<erf_function>(x); }
};
template <class Exp> struct logistic_by_lanes {
  bool cutoffs;
  explicit HWY_INLINE logistic_by_lanes(const unary_params& p)
      : cutoffs(p.mode == rounding::none || p.mode == rounding::divide_half_away) {}
  HWY_INLINE VF operator()(VF x) const {
    const VF one = set_float(1.f), negative = hn::Neg(x);
    if (!cutoffs) return simd::divide(one, simd::rounded(hn::Add(one, apply<Exp>(negative))));
    const auto above = hn::Gt(x, set_float(16.619047164916992188f)),
               below = hn::Lt(x, set_float(-9.f));
    const VF e =
        apply<Exp>(hn::IfThenElse(below, x, hn::IfThenElse(above, hn::Zero(DF()), negative)));
    const VF y = simd::divide(one, simd::rounded(hn::Add(one, e)));
    return hn::IfThenElse(below, e, hn::IfThenElse(above, one, y));
  }
};
struct log_lanes {
  explicit HWY_INLINE log_lanes(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const { return apply<log_function>(x); }
};
struct log_c_library_lanes {
  explicit HWY_INLINE log_c_library_lanes(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const { return log_c_library(x); }
};
template <bool Cosine> struct sine_lanes {
  explicit HWY_INLINE sine_lanes(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const { return apply<sine_function<Cosine>>(x); }
};
template <bool Cosine> struct sine_c_library_lanes {
  explicit HWY_INLINE sine_c_library_lanes(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const { return sine_c_library<Cosine>(x); }
};
struct softplus_lanes {
  explicit HWY_INLINE softplus_lanes(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const {
    const VF e = apply<exp_function>(hn::Neg(hn::Abs(x))),
             small = apply<log_function>(rounded_sum(e, set_float(1.f)));
    return unless_nan(x, hn::Add(hn::IfThenZeroElse(hn::Lt(x, hn::Zero(DF())), x), small));
  }
};
/// numerics::gelu_by_vectors.
struct gelu_by_eigen_lanes {
  explicit HWY_INLINE gelu_by_eigen_lanes(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const {
    const VF cube = rounded_product(rounded_product(x, x), x),
             inner = rounded_sum(x, rounded_product(set_float(0.044715f), cube)),
             t = tanh_eigen(rounded_product(set_float(0.797884561f), inner));
    return hn::Mul(rounded_product(set_float(0.5f), x), rounded_sum(set_float(1.f), t));
  }
};
using logistic_lanes = logistic_by_lanes<exp_function>;
struct silu_lanes {
  explicit HWY_INLINE silu_lanes(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const {
    const VF e = apply<exp_function>(hn::Neg(x));
    return simd::divide(x, simd::rounded(hn::Add(set_float(1.f), e)));
  }
};
struct sqrt_function {
  explicit HWY_INLINE sqrt_function(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const { return sqrt_lanes(x); }
};
struct rsqrt_function {
  explicit HWY_INLINE rsqrt_function(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const { return simd::divide(set_float(1.f), sqrt_lanes(x)); }
};
struct abs_lanes {
  explicit HWY_INLINE abs_lanes(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const { return hn::Abs(x); }
};
struct neg_lanes {
  explicit HWY_INLINE neg_lanes(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const { return hn::Xor(x, set_float(-0.f)); }
};
struct square_lanes {
  explicit HWY_INLINE square_lanes(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const { return hn::Mul(x, x); }
};
/// To a whole number, ties to even, as numerics::rint: from 2^23 on every float is one.
struct round_lanes {
  explicit HWY_INLINE round_lanes(const unary_params&) {}
  static HWY_INLINE VF of(VF x) {
    const VF magic = set_float(8388608.f), a = hn::Abs(x);
    const VF whole = simd::rounded(hn::Sub(simd::rounded(hn::Add(a, magic)), magic));
    return hn::IfThenElse(hn::Lt(a, magic), hn::CopySign(whole, x), x);
  }
  HWY_INLINE VF operator()(VF x) const { return of(x); }
};
struct floor_lanes {
  explicit HWY_INLINE floor_lanes(const unary_params&) {}
  static HWY_INLINE VF of(VF x) {
    const VF near = round_lanes::of(x);
    return hn::IfThenElse(hn::Gt(near, x), hn::Sub(near, set_float(1.f)), near);
  }
  HWY_INLINE VF operator()(VF x) const { return of(x); }
};
struct ceil_lanes {
  explicit HWY_INLINE ceil_lanes(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const {
    const VF sign = set_float(-0.f);
    return hn::Xor(floor_lanes::of(hn::Xor(x, sign)), sign);
  }
};
struct sign_lanes {
  explicit HWY_INLINE sign_lanes(const unary_params&) {}
  HWY_INLINE VF operator()(VF x) const {
    const VF zero = hn::Zero(DF());
    return hn::IfThenElse(hn::Gt(x, zero), set_float(1.f),
                          hn::IfThenElse(hn::Lt(x, zero), set_float(-1.f), zero));
  }
};

template <class Op>
HWY_NOINLINE void unary_floats(const unary_params& p, const float* x, float* y,
                               std::size_t n) noexcept {
  const Op op(p);
  std::size_t i = 0;
  for (; i + lanes32 <= n; i += lanes32) simd::store(op(simd::load(x + i)), y + i);
  if (i < n) simd::store_some(op(simd::load_some(x + i, n - i)), y + i, n - i);
}

// ---- int16 ----

HWY_INLINE V32 select_by_sign(V32 v, V32 not_below, V32 below) {
  return hn::IfThenElse(hn::Lt(v, zero32()), below, not_below);
}
/// numerics::lookup.
struct lookup_lanes {
  const std::int16_t* table;
  HWY_INLINE V32 operator()(V32 v) const {
    const V32 pair = simd::gather_pairs(table, hn::Add(hn::ShiftRight<7>(v), set32(256)));
    // Slope and sum are cut to 16 bits.
    const V32 base = hn::ShiftRight<16>(hn::ShiftLeft<16>(pair)),
              rise = hn::Sub(hn::ShiftRight<16>(pair), base),
              slope = hn::ShiftRight<16>(hn::ShiftLeft<16>(rise));
    const V32 part = hn::Mul(slope, hn::And(v, set32(127)));
    const V32 y = hn::Add(base, hn::ShiftRight<7>(hn::Add(part, set32(64))));
    return hn::ShiftRight<16>(hn::ShiftLeft<16>(y));
  }
};
/// A clamp, or one of two multipliers by the sign: relu, leaky_relu, abs.
struct clamp16_lanes {
  V32 lo, hi;
  explicit HWY_INLINE clamp16_lanes(const unary_params& p) : lo(set32(p.lo)), hi(set32(p.hi)) {}
  HWY_INLINE V32 operator()(V32 x) const { return hn::Min(hn::Max(x, lo), hi); }
};
struct neg16_lanes {
  explicit HWY_INLINE neg16_lanes(const unary_params&) {}
  HWY_INLINE V32 operator()(V32 x) const {
    return hn::ShiftRight<16>(hn::ShiftLeft<16>(hn::Sub(zero32(), x)));
  }
};
struct scaled16_lanes {
  uniform_shift positive, negative;
  V32 z, zy, lo, hi;
  explicit HWY_INLINE scaled16_lanes(const unary_params& p)
      : positive(p.positive, true),
        negative(p.negative, true),
        z(set32(p.in_zero_point)),
        zy(set32(p.out_zero_point)),
        lo(set32(p.lo - p.out_zero_point)),
        hi(set32(p.hi - p.out_zero_point)) {}
  HWY_INLINE V32 finish(V32 v) const { return hn::Add(hn::Min(hn::Max(v, lo), hi), zy); }
  HWY_INLINE V32 operator()(V32 x) const {
    const V32 v = hn::Sub(x, z);
    return finish(select_by_sign(v, positive(v), negative(v)));
  }
};
struct abs16_lanes {
  scaled16_lanes scaled;
  bool rescales;
  explicit HWY_INLINE abs16_lanes(const unary_params& p) : scaled(p), rescales(p.positive.m != 0) {}
  HWY_INLINE V32 operator()(V32 x) const {
    const V32 v = hn::Abs(hn::Sub(x, scaled.z));
    return scaled.finish(rescales ? scaled.positive(v) : v);
  }
};
struct table16_lanes {
  lookup_lanes table;
  explicit HWY_INLINE table16_lanes(const unary_params& p) : table{p.table} {}
  HWY_INLINE V32 operator()(V32 x) const { return table(x); }
};
/// numerics::logistic_q15 and tanh_q15 of sigmoid_input, whose multiplier has 15 bits here.
template <bool Tanh> struct sigmoid16_lanes {
  V32 factor, half;
  int shift;
  explicit HWY_INLINE sigmoid16_lanes(const unary_params& p)
      : factor(set32(p.sigmoid.multiplier == 0 ? 3 << p.sigmoid.shift : p.sigmoid.multiplier)),
        half(set32(p.sigmoid.multiplier != 0 && p.sigmoid.shift > 0
                       ? static_cast<std::int32_t>(1u << (p.sigmoid.shift - 1))
                       : 0)),
        shift(p.sigmoid.multiplier == 0 ? 0 : p.sigmoid.shift) {}
  static bool accepts(const unary_params& p) noexcept { return p.sigmoid.multiplier < 1 << 15; }
  HWY_INLINE V32 operator()(V32 x) const {
    constexpr int bits = Tanh ? 8 : 9;  // of the step between entries
    const V32 v = shift_right(hn::Add(hn::Mul(x, factor), half), shift), a = hn::Abs(v),
              u = hn::ShiftRight<bits>(a);
    const V32 pair =
        simd::gather_pairs(reinterpret_cast<const std::int16_t*>(numerics::sigmoid_table.data()),
                           hn::Min(u, set32(254)));
    const V32 low = hn::And(pair, set32(0xFFFF)),
              step = hn::Sub(hn::And(hn::ShiftRight<16>(pair), set32(0xFFFF)), low);
    const V32 between =
        hn::Add(hn::ShiftLeft<bits>(low), hn::Mul(hn::And(a, set32((1 << bits) - 1)), step));
    const V32 r =
        hn::IfThenElse(hn::Gt(u, set32(254)), set32(Tanh ? 0xFFFF << 8 : 0x7FFF << 10), between);
    // The result is cut to 16 bits.
    const V32 y =
        Tanh ? select_by_sign(v, hn::Add(r, set32(128 - (1 << 23))),
                              hn::Sub(set32((1 << 23) + 127), r))
             : select_by_sign(v, hn::Add(r, set32(512)), hn::Sub(set32((1 << 25) + 511), r));
    return hn::ShiftRight<16>(hn::ShiftLeft<16>(hn::ShiftRight < Tanh ? 8 : 10 > (y)));
  }
};

template <class Op>
HWY_NOINLINE void unary_words(const unary_params& p, const std::int16_t* x, std::int16_t* y,
                              std::size_t n) noexcept {
  const Op op(p);
  std::size_t i = 0;
  for (; i + lanes32 <= n; i += lanes32) simd::store_from32(op(simd::load_as32(x + i)), y + i);
  if (i == n) return;
  const auto* from = reinterpret_cast<const std::byte*>(x + i);
  simd::store_some_from32(dtype::s16, op(simd::load_some_as32(dtype::s16, from, n - i)),
                          reinterpret_cast<std::byte*>(y + i), n - i);
}

using float_function = void (*)(const unary_params&, const float*, float*, std::size_t) noexcept;
using word_function = void (*)(const unary_params&, const std::int16_t*, std::int16_t*,
                               std::size_t) noexcept;

/// Functions of float32 and int16; those of 8 bits are tables (lut8).
template <class V> struct kernel<kernel_id::unary, V> : plain_kernel<kernel<kernel_id::unary, V>> {
  static const unary_params& params(const void* p) { return *static_cast<const unary_params*>(p); }
  /// Null: the reference.
  static float_function of_floats(const unary_params& p) noexcept {
    switch (p.mode) {
      case rounding::none: return rounded_floats(p);
      case rounding::aten:
        return numerics::has_vectorized(p.function) ? &vectorized_floats : rounded_floats(p);
      case rounding::onnxruntime: return has_mlas(p.function) ? &mlas_floats : nullptr;
      case rounding::xnnpack:
        return numerics::xnnpack_function_of(p.function) != numerics::xnnpack_function::other
                   ? &xnnpack_floats
                   : nullptr;
      case rounding::divide_half_away: return c_library_floats(p);
      case rounding::doubling_high_half_away:
      case rounding::doubling_high_half_up:
      case rounding::wide_half_up:
      case rounding::double_half_away:
      case rounding::float_half_even:
      case rounding::float_bias_half_even:
      case rounding::float_zero_point_half_even:
      case rounding::eight_bit_ratio_half_up:
      case rounding::divide_half_even:
      case rounding::reciprocal_half_even:
      case rounding::divide_truncate:
      case rounding::qnnpack:
      case rounding::fused_multiply_add:
      case rounding::tflite_optimized:
      case rounding::mxnet: break;
    }
    return nullptr;
  }
  /// With the C library's functions, of which these have vectors.
  static float_function c_library_floats(const unary_params& p) noexcept {
    if (p.function == unary::exp) return &unary_floats<exp_by_lanes<c_library_exp_function>>;
    if (p.function == unary::logistic)
      return &unary_floats<logistic_by_lanes<c_library_exp_function>>;
    if (p.function == unary::tanh) return &unary_floats<tanh_c_library_lanes>;
    if (p.function == unary::elu) return &unary_floats<elu_by_lanes<true>>;
    if (p.function == unary::log) return &unary_floats<log_c_library_lanes>;
    if (p.function == unary::sin) return &unary_floats<sine_c_library_lanes<false>>;
    if (p.function == unary::cos) return &unary_floats<sine_c_library_lanes<true>>;
    if (p.function != unary::gelu) return nullptr;
    return p.approximate ? &unary_floats<gelu_by_eigen_lanes> : rounded_floats(p);
  }
  /// With octet's correctly rounded functions.
  static float_function rounded_floats(const unary_params& p) noexcept {
    switch (p.function) {
      case unary::logistic: return &unary_floats<logistic_lanes>;
      case unary::tanh: return &unary_floats<tanh_lanes>;
      case unary::hard_swish: return &unary_floats<hard_swish_lanes>;
      case unary::hard_sigmoid: return &unary_floats<hard_sigmoid_lanes>;
      case unary::elu: return &unary_floats<elu_lanes>;
      case unary::gelu:
        return p.approximate ? &unary_floats<gelu_lanes> : &unary_floats<exact_gelu_lanes>;
      case unary::silu: return &unary_floats<silu_lanes>;
      case unary::erf: return &unary_floats<erf_lanes>;
      case unary::exp: return &unary_floats<exp_lanes>;
      case unary::sqrt: return &unary_floats<sqrt_function>;
      case unary::rsqrt: return &unary_floats<rsqrt_function>;
      case unary::abs: return &unary_floats<abs_lanes>;
      case unary::neg: return &unary_floats<neg_lanes>;
      case unary::square: return &unary_floats<square_lanes>;
      case unary::relu:
      case unary::relu6:
      case unary::relu_n1_to_1:
      case unary::relu_0_to_1: return &unary_floats<relu_lanes>;
      case unary::leaky_relu: return &unary_floats<leaky_lanes>;
      case unary::floor: return &unary_floats<floor_lanes>;
      case unary::ceil: return &unary_floats<ceil_lanes>;
      case unary::round: return &unary_floats<round_lanes>;
      case unary::sign: return &unary_floats<sign_lanes>;
      case unary::log: return &unary_floats<log_lanes>;
      case unary::sin: return &unary_floats<sine_lanes<false>>;
      case unary::cos: return &unary_floats<sine_lanes<true>>;
      case unary::softplus: return &unary_floats<softplus_lanes>;
    }
    return nullptr;
  }
  static word_function of_words(const unary_params& p) noexcept {
    const bool relu = ops::is_relu(p.function);
    if (p.mode == rounding::none) {
      if (p.function == unary::neg) return &unary_words<neg16_lanes>;
      return relu ? &unary_words<clamp16_lanes> : nullptr;
    }
    if (p.mode == rounding::doubling_high_half_away) {
      if (p.function == unary::abs) return &unary_words<abs16_lanes>;
      return relu || p.function == unary::leaky_relu ? &unary_words<scaled16_lanes> : nullptr;
    }
    const bool optimized = p.mode == rounding::tflite_optimized;
    if (!optimized && p.mode != rounding::divide_half_away) return nullptr;
    if (p.function == unary::logistic || p.function == unary::tanh) {
      if (!sigmoid16_lanes<true>::accepts(p) || (optimized && p.sigmoid.multiplier == 0))
        return nullptr;
      return p.function == unary::tanh ? &unary_words<sigmoid16_lanes<true>>
                                       : &unary_words<sigmoid16_lanes<false>>;
    }
    return p.table != nullptr ? &unary_words<table16_lanes> : nullptr;
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    if (p.type == dtype::f32) return of_floats(p) != nullptr;
    return p.type == dtype::s16 && of_words(p) != nullptr;
  }
  /// What is behind the last whole vectors of a row takes the scalar function.
  static void logistic_by_position(const unary_params& p, const float* x, float* y,
                                   part_range r) noexcept {
    p.rows.for_each_run(p.count, numerics::logistic_block, r.begin, r.end,
                        [&](std::size_t from, std::size_t to, bool block) HWY_ATTR {
                          if (block)
                            vectorized_floats(p, x + from, y + from, to - from);
                          else
                            reference::unary_values(p, x, y, from, to);
                        });
  }
  /// Of Eigen's functions the elements behind the last whole vector of four take the reference.
  static void floats_by_fours(const unary_params& p, const float* x, float* y,
                              part_range r) noexcept {
    const std::size_t last = p.count / 4 * 4, whole = r.end < last ? r.end : last;
    if (r.begin < whole) mlas_floats(p, x + r.begin, y + r.begin, whole - r.begin);
    reference::unary_values(p, x, y, r.begin < whole ? whole : r.begin, r.end);
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.count, k.part, k.parts);
    const auto* floats = static_cast<const float*>(k.in[0]);
    if (p.type == dtype::f32 && p.mode == rounding::aten &&
        numerics::by_logistic_blocks(p.function))
      logistic_by_position(p, floats, static_cast<float*>(k.out[0]), r);
    else if (p.type == dtype::f32 && p.mode == rounding::onnxruntime &&
             numerics::by_fours(numerics::ort_function_of(p.function)))
      floats_by_fours(p, floats, static_cast<float*>(k.out[0]), r);
    else if (p.type == dtype::f32)
      of_floats(p)(p, floats + r.begin, static_cast<float*>(k.out[0]) + r.begin, r.end - r.begin);
    else
      of_words(p)(p, static_cast<const std::int16_t*>(k.in[0]) + r.begin,
                  static_cast<std::int16_t*>(k.out[0]) + r.begin, r.end - r.begin);
  }
  static const char* describe(const void*) { return "function"; }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
