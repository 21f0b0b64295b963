// The roundings over vectors, each once: what numerics/requantize.hpp spells for scalars. Part of a
// pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

// ---- shifts ----

HWY_INLINE V32 sign_of(V32 x) { return hn::ShiftRight<31>(x); }
/// By one count per lane, one for all, or a constant.
HWY_INLINE V32 shift_right(V32 x, V32 by) { return hn::Shr(x, by); }
template <class V> HWY_INLINE V shift_right(V x, int by) { return hn::ShiftRightSame(x, by); }
template <class V, int By> HWY_INLINE V shift_right(V x, std::integral_constant<int, By>) {
  return hn::ShiftRight<By>(x);
}
template <int By> inline constexpr std::integral_constant<int, By> by{};
/// x / 2^(r + 1), r >= 0, to nearest, ties up; x < INT32_MAX, which no high product reaches. The
/// shift is given less 1, because the last bit is where it rounds. `r`: one per lane, or one for
/// all.
template <class Shift> HWY_INLINE V32 shift_up(V32 x, Shift r) {
  return hn::ShiftRight<1>(hn::Add(shift_right(x, r), set32(1)));
}
/// The same, ties away from zero, also x > INT32_MIN; with `away`, only where that is true, or in
/// the lanes where it is -1 (0: up).
template <class Shift> HWY_INLINE V32 shift_away(V32 x, Shift r) {
  return shift_up(hn::Add(x, sign_of(x)), r);
}
HWY_INLINE V32 shift_away(V32 x, int r, bool away) {
  return shift_up(away ? hn::Add(x, sign_of(x)) : x, r);
}
template <class Shift> HWY_INLINE V32 shift_away(V32 x, Shift r, V32 away) {
  return shift_up(hn::Add(x, hn::And(sign_of(x), away)), r);
}
/// -x where `sign` is -1, x where it is 0: by the sign of x, its magnitude.
HWY_INLINE V32 with_sign(V32 x, V32 sign) { return hn::Sub(hn::Xor(x, sign), sign); }
/// (|x| + half) / 2^shift, toward zero, with the sign of x: ties away from zero where `half` is a
/// half. |x| + half < 2^32.
template <class Shift> HWY_INLINE V32 shift_magnitude(V32 x, V32 half, Shift shift) {
  const hn::RebindToUnsigned<D32> u32;
  const V32 sign = sign_of(x);
  const auto size = hn::BitCast(u32, hn::Add(with_sign(x, sign), half));
  return with_sign(hn::BitCast(D32(), shift_right(size, shift)), sign);
}

/// DR, RU with any shifts, one of each per lane. r: right shift - 1, l: left shift,
/// away: -1 where ties of the second rounding go away from zero.
HWY_INLINE V32 requantize_shift(V32 x, V32 m, V32 r, V32 l, V32 away) {
  const V32 h = simd::doubling_high(hn::Shl(x, l), m);
  const V32 y = shift_away(h, hn::Max(r, zero32()), away);
  return hn::IfThenElse(hn::Lt(r, zero32()), h, y);
}
/// DR or RU with one multiplier for all lanes.
struct uniform_shift {
  V32 m;
  int left, right;
  bool away;
  HWY_INLINE uniform_shift(multiplier q, bool ties_away)
      : m(set32(q.m)),
        left(q.shift > 0 ? q.shift : 0),
        right(q.shift > 0 ? 0 : -q.shift),
        away(ties_away) {}
  HWY_INLINE V32 operator()(V32 x) const {
    const V32 h = simd::doubling_high(left > 0 ? hn::ShiftLeftSame(x, left) : x, m);
    if (right == 0) return h;
    return shift_away(h, right - 1, away);
  }
};

/// DR for |x| < 2^30 and right shifts R of 1 to 31, without a left shift: with
/// h = doubling_high(x, m) it is floor((h + 2^(R-1) - [h < 0]) / 2^R). The one rounding with a
/// second form, where there is no such instruction. Measured on AVX2 (int8, 28x28, in turns with
/// the first form in its place, the least of six runs): 1x1 to 64 channels takes 4 % less time
/// from 16 channels, 6 % from 64, as much from 256; depthwise 3x3 of 96 channels 6 % less.
/// tests/simd_test.cpp holds both to numerics::requantize.
template <bool NativeDoublingHigh> struct fused_dr;
template <> struct fused_dr<true> {
  static constexpr std::int32_t flip = 0;
  V32 m, r;
  HWY_INLINE fused_dr() {}  // not defaulted: g++ makes that one without the target's attributes
  HWY_INLINE void set(const std::int32_t* multipliers, const std::int32_t* shifts,
                      const std::int32_t*, const std::int32_t*) {
    m = simd::load(multipliers), r = simd::load(shifts);
  }
  HWY_INLINE V32 operator()(V32 x) const { return shift_away(simd::doubling_high(x, m), r); }
};
/// Without that instruction: [x < 0] does for [h < 0], they differ where h is 0 only, and there
/// both give 0. x comes with its sign bit flipped (`flip`, put into the start of the accumulator),
/// as u = x + 2^31, so that one unsigned product u * 2m and one constant for both roundings give
/// h + 2^(R-1) - 1 as the high half of 64 bits: 2xm + 2^31 + 2^(31+R) - 2^32. fill_panel has the
/// constants.
template <> struct fused_dr<false> {
  static constexpr std::int32_t flip = INT32_MIN;
  simd::vec<std::uint32_t> even_m, odd_m;  // 2m
  simd::vec<std::uint64_t> even, odd;      // the constants, of both roundings and of the flip
  V32 shift;
  HWY_INLINE fused_dr() {}
  /// From a panel's arrays at this vector: multipliers, shifts minus 1, constants of even and of
  /// odd lanes.
  HWY_INLINE void set(const std::int32_t* m, const std::int32_t* r, const std::int32_t* of_even,
                      const std::int32_t* of_odd) {
    const simd::tag<std::uint32_t> u32;
    const simd::tag<std::uint64_t> u64;
    const V32 once = simd::load(m);
    even_m = hn::BitCast(u32, hn::Add(once, once));
    odd_m = hn::BitCast(u32, hn::ShiftRight<32>(hn::BitCast(u64, even_m)));
    even = hn::BitCast(u64, simd::load(of_even));
    odd = hn::BitCast(u64, simd::load(of_odd));
    shift = hn::Add(simd::load(r), set32(1));
  }
  HWY_INLINE V32 operator()(V32 flipped) const {
    const simd::tag<std::uint32_t> u32;
    const simd::tag<std::uint64_t> u64;
    const auto u = hn::BitCast(u32, flipped);
    const auto odd_u = hn::BitCast(u32, hn::ShiftRight<32>(hn::BitCast(u64, u)));
    const auto e = hn::Add(hn::MulEven(u, even_m), even),
               o = hn::Add(hn::MulEven(odd_u, odd_m), odd);
    return hn::Shr(hn::Sub(simd::high_halves(e, o), sign_of(flipped)), shift);
  }
};
using requantize_dr = fused_dr<simd::native_doubling_high>;

/// I64 of 15-bit multipliers and totals (15 - shift) of 1 to 62: floor(p / 2^total) of a product p
/// below 2^62 is the unsigned (p + 2^62) >> total, less 2^(62 - total). Its low 32 bits are the
/// result, as the formula cuts it. fill_panel has the constants: `even`, `odd` hold 2^62 and the
/// rounding, and where sums have 64 bits also what is added to a sum, times the multiplier.
struct requantize_wide {
  using V64 = simd::vec<std::uint64_t>;
  V32 even_m, odd_m, less;
  V64 even_total, odd_total, even, odd;
  HWY_INLINE requantize_wide() {}  // as fused_dr
  HWY_INLINE void set(const std::int32_t* m, const std::int32_t* total, const std::int32_t* of_less,
                      const std::int32_t* of_even, const std::int32_t* of_odd) {
    const simd::tag<std::uint64_t> u64;
    even_m = simd::load(m);
    odd_m = hn::BitCast(D32(), hn::ShiftRight<32>(hn::BitCast(u64, even_m)));
    const V64 totals = hn::BitCast(u64, simd::load(total));
    even_total = hn::And(totals, hn::Set(u64, 0xFF));
    odd_total = hn::ShiftRight<32>(totals);
    less = simd::load(of_less);
    even = hn::BitCast(u64, simd::load(of_even));
    odd = hn::BitCast(u64, simd::load(of_odd));
  }
  /// From (p + constant) of even and odd lanes.
  HWY_INLINE V32 shifted(V64 e, V64 o) const {
    const V32 low = hn::BitCast(D32(), hn::Shr(e, even_total)),
              high = hn::BitCast(D32(), hn::ShiftLeft<32>(hn::Shr(o, odd_total)));
    return hn::Sub(hn::OddEven(high, low), less);
  }
  HWY_INLINE V32 operator()(V32 x) const {
    const simd::tag<std::uint64_t> u64;
    const V32 odd_x = hn::BitCast(D32(), hn::ShiftRight<32>(hn::BitCast(u64, x)));
    return shifted(hn::Add(hn::BitCast(u64, hn::MulEven(x, even_m)), even),
                   hn::Add(hn::BitCast(u64, hn::MulEven(odd_x, odd_m)), odd));
  }
  /// x * m modulo 2^64, m >= 0 in even lanes.
  static HWY_INLINE V64 product(V64 x, V32 m) {
    const simd::tag<std::uint32_t> u32;
    const auto of = hn::BitCast(u32, m);
    const V64 low = hn::MulEven(hn::BitCast(u32, x), of),
              high = hn::MulEven(hn::BitCast(u32, hn::ShiftRight<32>(x)), of);
    return hn::Add(low, hn::ShiftLeft<32>(high));
  }
  /// Of 64-bit sums.
  HWY_INLINE V32 operator()(V64 e, V64 o) const {
    return shifted(hn::Add(product(e, even_m), even), hn::Add(product(o, odd_m), odd));
  }
};

// ---- float ----

/// x * scale in binary32. An int32 plus 0.f is itself.
HWY_INLINE VF real_product(V32 x, VF scale) {
  return simd::rounded(hn::Mul(hn::ConvertTo(DF(), x), scale));
}
/// Cut to whole numbers [lo, hi], NaN to lo.
HWY_INLINE VF cut(VF v, VF lo, VF hi) { return simd::lesser(simd::greater(v, lo), hi); }
/// Cuts to whole numbers [lo, hi] of at most 24 bits, NaN to lo, and rounds, ties to even.
HWY_INLINE V32 round_within(VF v, VF lo, VF hi) { return simd::round_even(cut(v, lo, hi)); }
/// To a whole number, ties away from zero; float or double. trunc(v + 0.5) would be wrong just
/// below a half. Magnitudes beyond the mantissa are whole, and their rest 0.
template <class D> HWY_INLINE hn::Vec<D> whole_away(D d, hn::Vec<D> v) {
  using T = hn::TFromD<D>;
  const auto t = hn::Trunc(v), rest = hn::Sub(hn::Abs(v), hn::Abs(t));
  const auto further = hn::Add(t, hn::CopySign(hn::Set(d, T{1}), v));
  return hn::IfThenElse(hn::Ge(rest, hn::Set(d, T{0.5})), further, t);
}
/// Cuts as round_within and rounds, ties away from zero: bounds below 2^24 keep the rest exact.
HWY_INLINE V32 round_away_within(VF v, VF lo, VF hi) {
  return simd::round_even(whole_away(DF(), cut(v, lo, hi)));
}
/// The same, ties up.
HWY_INLINE V32 round_up_within(VF v, VF lo, VF hi) {
  const VF half = set_float(0.5f);
  return simd::round_even(hn::Floor(simd::rounded(hn::Add(cut(v, lo, hi), half))));
}

/// a * b + c with one rounding. Where there is no instruction: numerics::fma, in binary64 with the
/// sum rounded to odd.
HWY_INLINE simd::VF64 odd_sum(simd::VF64 a, simd::VF64 b, simd::VF64 c) {
  const simd::tag<std::int64_t> i64;
  const auto p = simd::rounded(hn::Mul(a, b)), s = simd::rounded(hn::Add(p, c)),
             t = simd::rounded(hn::Sub(s, p));
  const auto error = simd::rounded(hn::Add(simd::rounded(hn::Sub(p, simd::rounded(hn::Sub(s, t)))),
                                           simd::rounded(hn::Sub(c, t))));
  const auto zero = hn::Zero(DF64());
  // All ones where the error is a number and not 0, and s is even; NaN is neither above nor below
  // 0.
  const auto above = hn::VecFromMask(DF64(), hn::Gt(error, zero)),
             below = hn::VecFromMask(DF64(), hn::Lt(error, zero)),
             positive = hn::VecFromMask(DF64(), hn::Gt(s, zero));
  const auto bits = hn::BitCast(i64, s), one = hn::Set(i64, 1);
  const auto even = hn::AndNot(bits, one);
  const auto inexact = hn::BitCast(i64, hn::Or(above, below)),
             away = hn::Not(hn::Xor(hn::BitCast(i64, above), hn::BitCast(i64, positive)));
  // 1 away from 0 where error and sum have one sign, else 1 toward it.
  const auto step = hn::Sub(hn::Xor(even, hn::Not(away)), hn::Not(away));
  return hn::BitCast(DF64(), hn::Add(bits, hn::And(inexact, step)));
}
HWY_INLINE VF fused(VF a, VF b, VF c) {
  if constexpr (simd::native_fma) {
    return hn::MulAdd(a, b, c);
  } else {
    const hn::Half<DF> half;
    const auto low = odd_sum(hn::PromoteTo(DF64(), hn::LowerHalf(half, a)),
                             hn::PromoteTo(DF64(), hn::LowerHalf(half, b)),
                             hn::PromoteTo(DF64(), hn::LowerHalf(half, c))),
               high = odd_sum(hn::PromoteTo(DF64(), hn::UpperHalf(half, a)),
                              hn::PromoteTo(DF64(), hn::UpperHalf(half, b)),
                              hn::PromoteTo(DF64(), hn::UpperHalf(half, c)));
    return simd::to_floats(low, high);
  }
}
/// numerics::scale_sum of a bias; where there is none, `bias` is what numerics::no_bias says.
template <float_scaling By> HWY_INLINE VF scale_sum(V32 sum, VF row, VF scale, VF bias) {
  const VF x = hn::ConvertTo(DF(), sum);
  if constexpr (By == float_scaling::scales_fused)
    return fused(x, simd::rounded(hn::Mul(row, scale)), bias);
  else if constexpr (By == float_scaling::fused)
    return fused(simd::rounded(hn::Mul(x, row)), scale, bias);
  else if constexpr (By == float_scaling::scales_first)
    return hn::Add(simd::rounded(hn::Mul(x, simd::rounded(hn::Mul(row, scale)))), bias);
  else if constexpr (By == float_scaling::row_first)
    return hn::Add(simd::rounded(hn::Mul(simd::rounded(hn::Mul(x, row)), scale)), bias);
  else
    return hn::Add(simd::rounded(hn::Mul(simd::rounded(hn::Mul(x, scale)), row)), bias);
}
/// Of vectors narrower than the target's own; none without the instruction is that wide.
template <class V> HWY_INLINE V fused(V a, V b, V c) {
  static_assert(sizeof(V) != 0 && simd::native_fma);
  return hn::MulAdd(a, b, c);
}

/// F and FB: rint((x + b) * m), cut at `highest`. Below, the conversion gives INT32_MIN, which
/// saturates to the same result. `scaled`: b is in units of `unit`, else that is 1.
HWY_INLINE V32 requantize_real(V32 x, VF b, VF unit, bool scaled, VF m, VF highest) {
  const VF xf = hn::ConvertTo(DF(), x);
  VF sum;
  if constexpr (simd::native_fma)
    sum = hn::MulAdd(b, unit, xf);
  else
    sum = scaled ? fused(b, unit, xf) : simd::rounded(hn::Add(xf, b));
  return simd::round_even(hn::Min(simd::rounded(hn::Mul(sum, m)), highest));
}
/// F: rint(x * m), of products below 2^31.
HWY_INLINE V32 requantize_scaled(V32 x, VF m) { return simd::round_even(real_product(x, m)); }
/// FZ: rint(x * m + z), both operations in binary32; the result has its zero point.
HWY_INLINE V32 requantize_real_zero(V32 x, VF m, VF z, VF lo, VF hi) {
  return round_within(simd::rounded(hn::Add(real_product(x, m), z)), lo, hi);
}
/// D64 of half a vector: binary64 product, ties away from zero, then the zero point.
HWY_INLINE simd::VF64 requantize_double(simd::VF64 x, simd::VF64 m, simd::VF64 z, simd::VF64 lo,
                                        simd::VF64 hi) {
  return hn::Min(hn::Max(hn::Add(whole_away(DF64(), hn::Mul(x, m)), z), lo), hi);
}

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
