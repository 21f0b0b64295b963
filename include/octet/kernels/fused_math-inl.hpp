// Functions of floats under rounding ATEN: numerics/fused_math.hpp on vectors, operation by
// operation. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// c0 x^n + ... + cn in fused multiply-adds.
template <std::size_t N> HWY_INLINE VF fused_polynomial(const float (&c)[N], VF x) {
  VF u = set_float(c[0]);
  HWY_UNROLL(8)
  for (std::size_t i = 1; i < N; ++i) u = fused(u, x, set_float(c[i]));
  return u;
}
/// 2^e as the exponent's bits.
HWY_INLINE VF float_pow2(V32 e) {
  return hn::BitCast(DF(), hn::ShiftLeft<23>(hn::Add(e, set32(127))));
}
/// By the bits: compilers told that there are none would drop a comparison.
HWY_INLINE auto is_nan_by_bits(VF x) {
  const V32 magnitude = hn::And(hn::BitCast(D32(), x), set32(INT32_MAX));
  return hn::RebindMask(DF(), hn::Gt(magnitude, set32(0x7F800000)));
}
/// v where x is no NaN.
HWY_INLINE VF unless_nan(VF x, VF v) { return hn::IfThenElse(is_nan_by_bits(x), x, v); }
HWY_INLINE VF exp_vectorized(VF x) {
  namespace k = numerics::vector_exp;
  const VF lowest = set_float(k::lowest), highest = set_float(k::highest);
  const VF in_range = hn::Min(hn::Max(x, lowest), highest);
  const V32 q = simd::round_even(simd::rounded(hn::Mul(in_range, set_float(k::log2_e))));
  const VF whole = hn::ConvertTo(DF(), q);
  const VF s = fused(whole, set_float(k::ln2_low), fused(whole, set_float(k::ln2_high), in_range));
  const VF u = fused_polynomial(k::c, s),
           e = hn::Add(set_float(1.f), fused(simd::rounded(hn::Mul(s, s)), u, s));
  const V32 half = hn::ShiftRight<1>(q);
  const VF y = simd::rounded(
      hn::Mul(simd::rounded(hn::Mul(e, float_pow2(half))), float_pow2(hn::Sub(q, half))));
  const VF below = hn::IfThenElse(hn::Lt(x, lowest), hn::Zero(DF()), y);
  const VF bounded =
      hn::IfThenElse(hn::Gt(x, highest), set_float(numerics::infinity_of<float>()), below);
  return unless_nan(x, bounded);
}
/// Each rounded where it stands.
HWY_INLINE VF plus(VF a, VF b) { return simd::rounded(hn::Add(a, b)); }
HWY_INLINE VF minus(VF a, VF b) { return simd::rounded(hn::Sub(a, b)); }
HWY_INLINE VF times(VF a, VF b) { return simd::rounded(hn::Mul(a, b)); }
/// numerics::float_pair and its operations.
struct float_pairs {
  VF high, low;
};
HWY_INLINE float_pairs quick_sum(const float_pairs& x, const float_pairs& y) {
  const VF s = plus(x.high, y.high);
  return {s, plus(plus(plus(minus(x.high, s), y.high), x.low), y.low)};
}
HWY_INLINE float_pairs pair_sum(const float_pairs& x, const float_pairs& y) {
  const VF s = plus(x.high, y.high), v = minus(s, x.high);
  const VF t = plus(minus(x.high, minus(s, v)), minus(y.high, v));
  return {s, plus(t, plus(x.low, y.low))};
}
HWY_INLINE float_pairs pair_product(const float_pairs& x, const float_pairs& y) {
  const VF s = times(x.high, y.high);
  return {s, fused(x.high, y.low, fused(x.low, y.high, fused(x.high, y.high, hn::Neg(s))))};
}
HWY_INLINE float_pairs pair_square(const float_pairs& x) {
  const VF s = times(x.high, x.high);
  return {s, fused(plus(x.high, x.high), x.low, fused(x.high, x.high, hn::Neg(s)))};
}
/// 1 - (d.high + d.low) t.
HWY_INLINE VF left_of_one(const float_pairs& d, VF t) {
  return fused(hn::Neg(d.low), t, fused(hn::Neg(d.high), t, set_float(1.f)));
}
HWY_INLINE float_pairs pair_quotient(const float_pairs& n, const float_pairs& d) {
  const VF t = simd::divide(set_float(1.f), d.high), s = times(n.high, t);
  return {s, fused(s, left_of_one(d, t), fused(n.low, t, fused(t, n.high, hn::Neg(s))))};
}
HWY_INLINE float_pairs single(VF x) { return {x, hn::Zero(DF())}; }
/// |x| < 17.
HWY_INLINE float_pairs exp_pair(VF x) {
  namespace k = numerics::vector_exp;
  namespace m = numerics::vector_expm1;
  const V32 q = simd::round_even(times(x, set_float(k::log2_e)));
  const VF whole = hn::ConvertTo(DF(), q), power = float_pow2(q);
  float_pairs s = pair_sum(single(x), single(times(whole, set_float(k::ln2_high))));
  s = pair_sum(s, single(times(whole, set_float(k::ln2_low))));
  const VF u = fused_polynomial(m::c, s.high);
  float_pairs t = pair_sum(pair_product(s, single(u)), single(set_float(m::sixth)));
  t = pair_sum(pair_product(s, t), single(set_float(0.5f)));
  t = quick_sum(single(set_float(1.f)), pair_sum(s, pair_product(pair_square(s), t)));
  return {times(t.high, power), times(t.low, power)};
}
HWY_INLINE VF tanh_vectorized(VF x) {
  const VF bound = set_float(numerics::vector_expm1::tanh_is_one), a = hn::Abs(x),
           one = set_float(1.f);
  const float_pairs d = exp_pair(hn::Min(a, bound));
  const VF r = simd::divide(one, d.high), low = times(r, left_of_one(d, r));
  const float_pairs t =
      pair_quotient(quick_sum(d, {hn::Neg(r), hn::Neg(low)}), quick_sum(d, {r, low}));
  const VF y = hn::IfThenElse(hn::Gt(a, bound), one, plus(t.high, t.low));
  return unless_nan(x, hn::CopySign(y, x));
}
/// x not above 0.
HWY_INLINE VF expm1_vectorized(VF x) {
  const VF lowest = set_float(numerics::vector_expm1::lowest);
  const float_pairs d = pair_sum(exp_pair(hn::Max(x, lowest)), single(set_float(-1.f)));
  const VF y = hn::IfThenElse(hn::Lt(x, lowest), set_float(-1.f), plus(d.high, d.low));
  return unless_nan(x, y);
}
HWY_INLINE VF elu_vectorized(VF x, VF alpha) {
  const VF zero = hn::Zero(DF()), below = times(expm1_vectorized(hn::Min(x, zero)), alpha);
  return unless_nan(x, hn::IfThenElse(hn::Lt(x, zero), below, x));
}
/// 0 <= x < 2^30.
HWY_INLINE VF log1p_vectorized(VF x) {
  namespace k = numerics::vector_log1p;
  const VF one = set_float(1.f), two = set_float(2.f);
  const V32 bits = hn::BitCast(D32(), times(plus(x, one), set_float(k::third))),
            e = hn::Sub(hn::ShiftRight<23>(bits), set32(127));
  const VF t = float_pow2(hn::Neg(e)), m = fused(x, t, minus(t, one)), sum = plus(two, m);
  const float_pairs q = pair_quotient(single(m), {sum, plus(minus(two, sum), m)});
  const VF z = times(q.high, q.high), u = fused_polynomial(k::c, z);
  float_pairs s =
      pair_product({set_float(k::ln2_high), set_float(k::ln2_low)}, single(hn::ConvertTo(DF(), e)));
  s = quick_sum(s, {plus(q.high, q.high), plus(q.low, q.low)});
  s = quick_sum(s, single(times(times(z, q.high), u)));
  return plus(s.high, s.low);
}
HWY_INLINE VF softplus_vectorized(VF x) {
  const VF bound = set_float(20.f);
  const VF y = log1p_vectorized(exp_vectorized(hn::Min(x, bound)));
  return unless_nan(x, hn::IfThenElse(hn::Gt(x, bound), x, y));
}
HWY_INLINE VF logistic_vectorized(VF x) {
  const VF one = set_float(1.f);
  return simd::divide(one, hn::Add(one, exp_vectorized(hn::Neg(x))));
}
HWY_INLINE VF silu_vectorized(VF x) {
  return simd::divide(x, hn::Add(set_float(1.f), exp_vectorized(hn::Neg(x))));
}
HWY_INLINE VF approximate_gelu_vectorized(VF x) {
  namespace k = numerics::vector_gelu;
  const VF cube = times(times(x, x), x),
           inner = times(set_float(k::two_over_pi), fused(set_float(k::cubic), cube, x));
  const VF y = hn::Mul(times(x, set_float(0.5f)), plus(set_float(1.f), tanh_vectorized(inner)));
  return unless_nan(x, y);
}
HWY_INLINE VF gelu_vectorized(VF x) {
  namespace k = numerics::vector_gelu;
  const VF one = set_float(1.f), lowest = set_float(k::lowest), half = times(x, set_float(0.5f)),
           v = times(x, set_float(k::root_half));
  const VF t = simd::divide(one, fused(set_float(k::p), hn::Abs(v), one));
  const VF square = hn::Neg(times(v, v)), s = hn::Max(square, lowest);
  const VF whole = hn::Floor(plus(times(s, set_float(k::log2_e)), set_float(0.5f)));
  const VF e = fused_polynomial(k::exp, fused(hn::Neg(whole), set_float(k::ln2), s));
  const VF power = float_pow2(hn::Sub(simd::round_even(whole), set32(1)));
  const VF scaled = times(times(e, power), set_float(2.f));
  const VF exponential = hn::IfThenElse(hn::Lt(square, lowest), hn::Zero(DF()), scaled);
  const VF r = fused_polynomial(k::erf, t);
  const VF f = fused(times(hn::Neg(exponential), t), r, one);
  const VF erf = hn::Xor(f, hn::And(x, set_float(-0.f)));
  return unless_nan(x, fused(erf, half, half));
}
HWY_INLINE VF gelu_by_loop(VF x) {
  namespace k = numerics::vector_gelu;
  const VF one = set_float(1.f), v = times(x, set_float(k::root_half)),
           t = simd::divide(one, fused(set_float(k::p), hn::Abs(v), one)),
           minus = times(hn::Neg(exp_vectorized(hn::Neg(times(v, v)))), t);
  const VF f = fused(minus, fused_polynomial(k::erf, t), one);
  const VF erf = hn::Xor(f, hn::And(x, set_float(-0.f)));
  return unless_nan(x, hn::Mul(times(x, set_float(0.5f)), plus(one, erf)));
}

/// y[i] = f(x[i]) of n elements. One call of f, so that it stands in the loop.
template <class F> HWY_INLINE void each_float(const float* x, float* y, std::size_t n, F f) {
  for (std::size_t i = 0; i < n; i += lanes32) {
    const std::size_t left = n - i;
    const bool whole = left >= lanes32;
    const VF v = f(whole ? simd::load(x + i) : simd::load_some(x + i, left));
    if (whole)
      simd::store(v, y + i);
    else
      simd::store_some(v, y + i, left);
  }
}

/// y[i] = f(x[i]) of n elements, under rounding ATEN.
inline HWY_NOINLINE void vectorized_floats(const unary_params& p, const float* x, float* y,
                                           std::size_t n) noexcept {
  switch (numerics::vectorized_of(p.function)) {
    case numerics::vectorized_function::logistic:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return logistic_vectorized(v); });
    case numerics::vectorized_function::exp:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return exp_vectorized(v); });
    case numerics::vectorized_function::elu: {
      const VF alpha = set_float(p.alpha);
      return each_float(x, y, n, [&](VF v) HWY_ATTR { return elu_vectorized(v, alpha); });
    }
    case numerics::vectorized_function::softplus:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return softplus_vectorized(v); });
    case numerics::vectorized_function::gelu:
      if (p.approximate)
        return each_float(x, y, n, [](VF v) HWY_ATTR { return approximate_gelu_vectorized(v); });
      if (p.by_loop) return each_float(x, y, n, [](VF v) HWY_ATTR { return gelu_by_loop(v); });
      return each_float(x, y, n, [](VF v) HWY_ATTR { return gelu_vectorized(v); });
    case numerics::vectorized_function::silu:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return silu_vectorized(v); });
    case numerics::vectorized_function::other: break;  // has_vectorized excludes these
  }
}

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
