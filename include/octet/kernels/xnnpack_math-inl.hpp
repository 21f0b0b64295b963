// Functions of floats under rounding XNN: numerics/xnnpack_math.hpp on vectors, operation by
// operation. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// Zero in place of a subnormal number.
HWY_INLINE VF flushed(VF v) {
  const auto subnormal = hn::Lt(hn::Abs(v), set_float(0x1p-126f));
  return hn::IfThenElse(subnormal, hn::And(v, set_float(-0.f)), v);
}
/// numerics::detail::power_of_magic.
HWY_INLINE VF power_of_magic(VF magic) {
  return hn::BitCast(DF(), hn::ShiftLeft<23>(hn::BitCast(D32(), magic)));
}
template <std::size_t N> HWY_INLINE VF xnn_rational(const numerics::xnn::rational<N>& f, VF x) {
  const VF v = clamp_finite(x, -f.bound, f.bound), z = simd::rounded(hn::Mul(v, v));
  return simd::divide(simd::rounded(hn::Mul(v, fused_polynomial(f.odd, z))),
                      fused_polynomial(f.even, z));
}
HWY_INLINE VF exp_of_softmax_xnn(VF x) {
  namespace k = numerics::xnn;
  const VF split = set_float(k::split_magic), cutoff = set_float(k::cutoff);
  // The power of two is 2^-58 at least: what is subnormal beside it changes nothing, nor is e so.
  const bool near = all_within(x, 40.f);
  const VF v = near ? x : hn::Max(x, cutoff),
           magic = simd::rounded(fused(v, set_float(k::log2_e), split)),
           power = power_of_magic(magic), n = simd::rounded(hn::Sub(magic, split));
  const VF t = fused(n, set_float(k::minus_ln2_low), fused(n, set_float(k::minus_ln2_high), v)),
           product = simd::rounded(hn::Mul(t, power)), p = fused_polynomial(k::exp_c, t);
  if (near) return fused(product, p, power);
  const VF e = flushed(fused(flushed(product), p, power));
  return unless_nan(x, hn::IfThenElse(hn::Lt(x, cutoff), hn::Zero(DF()), e));
}
/// numerics::detail::xnn_exp_by_powers.
HWY_INLINE VF xnn_exp_by_powers(VF x) {
  namespace k = numerics::xnn;
  const VF split = set_float(k::thirtyseconds_magic), least = set_float(k::least_power);
  const VF magic = simd::rounded(fused(x, set_float(k::log2_e), split)),
           n = simd::rounded(hn::Sub(magic, split)), m = simd::greater(n, least);
  const VF power = hn::GatherIndex(DF(), k::powers, hn::And(hn::BitCast(D32(), magic), set32(31)));
  const VF t = fused(n, set_float(k::of_powers_low), fused(n, set_float(k::of_powers_high), x));
  const VF p = fused(simd::rounded(hn::Mul(t, power)),
                     fused(t, set_float(k::of_powers_c2), set_float(k::of_powers_c1)), power);
  const VF e = flushed(
      simd::rounded(hn::Mul(simd::rounded(p), float_pow2(hn::ConvertTo(D32(), hn::Floor(m))))));
  return hn::IfThenElse(hn::Ge(n, least), e, hn::Zero(DF()));
}
HWY_INLINE VF tanh_xnn(VF x) {
  return unless_nan(x, xnn_rational(numerics::xnn::tanh, flushed(x)));
}
template <bool Approximate> HWY_INLINE VF gelu_xnn(VF given) {
  namespace k = numerics::xnn;
  // e + 1 is 0 or 2^-24 at least: nothing that is made of such numbers is subnormal.
  const bool large = hn::AllTrue(DF(), hn::Ge(hn::Abs(given), set_float(0x1p-100f)));
  const VF x = large ? given : flushed(given);
  VF e;
  if constexpr (Approximate)
    e = xnn_rational(k::approximate_gelu, x);
  else
    e = xnn_rational(k::gelu, x);
  const VF more = simd::rounded(hn::Add(e, set_float(1.f))),
           half = simd::rounded(hn::Mul(x, set_float(0.5f)));
  if (large) return simd::rounded(hn::Mul(half, more));
  return unless_nan(given, flushed(simd::rounded(hn::Mul(flushed(half), more))));
}
HWY_INLINE VF logistic_xnn(VF x) {
  const VF one = set_float(1.f), e = xnn_exp_by_powers(hn::Or(x, set_float(-0.f))),
           y = simd::divide(e, simd::rounded(hn::Add(e, one)));
  const V32 sign = hn::ShiftRight<31>(hn::BitCast(D32(), x));
  return unless_nan(
      x, hn::IfThenElse(hn::RebindMask(DF(), hn::Lt(sign, zero32())), y, hn::Sub(one, y)));
}

HWY_INLINE VF elu_xnn(VF given, VF alpha) {
  namespace k = numerics::xnn;
  const VF x = flushed(given), split = set_float(k::split_magic);
  const VF z = clamp_finite(x, k::saturation, 0.f),
           magic = simd::rounded(fused(z, set_float(k::log2_e), split)),
           power = power_of_magic(magic);
  const VF t = fused(simd::rounded(hn::Sub(magic, split)), set_float(k::minus_ln2), z),
           part = simd::rounded(hn::Mul(t, power)),
           p = simd::rounded(hn::Mul(fused_polynomial(k::elu_c, t), t));
  const VF y = flushed(
      fused(fused(p, part, part), alpha, fused(power, alpha, hn::Xor(alpha, set_float(-0.f)))));
  return unless_nan(x, hn::IfThenElse(hn::Lt(x, hn::Zero(DF())), y, x));
}
HWY_INLINE VF hard_swish_xnn(VF given) {
  const VF x = flushed(given), v = fused(x, set_float(numerics::xnn::sixth), set_float(0.5f));
  const VF gate = simd::lesser(simd::greater(v, hn::Zero(DF())), set_float(1.f));
  return unless_nan(x, flushed(simd::rounded(hn::Mul(gate, x))));
}

HWY_INLINE VF exp_xnn(VF x) {
  namespace k = numerics::xnn;
  const VF one = set_float(1.f),
           z = clamp_finite(simd::rounded(hn::Mul(flushed(x), set_float(k::log2_e))),
                            k::lowest_power, k::highest_power);
  const V32 whole = simd::round_even(z);
  const VF r = flushed(simd::rounded(hn::Sub(z, hn::ConvertTo(DF(), whole)))),
           part = simd::divide(flushed(simd::rounded(hn::Mul(r, fused_polynomial(k::exp_p, r)))),
                               fused_polynomial(k::exp_q, r));
  const VF y =
      flushed(simd::rounded(hn::Mul(simd::rounded(hn::Add(part, one)), float_pow2(whole))));
  return hn::IfThenElse(is_nan_by_bits(x), hn::Zero(DF()), y);
}
HWY_INLINE VF log_xnn(VF given) {
  namespace k = numerics::xnn;
  const VF one = set_float(1.f), infinity = set_float(numerics::infinity_of<float>()),
           x = simd::rounded(hn::Mul(flushed(given), set_float(k::root_of_2)));
  const V32 bits = hn::BitCast(D32(), x), infinite = set32(0x7F800000);
  const auto zero = hn::RebindMask(DF(), hn::Eq(hn::And(bits, set32(INT32_MAX)), zero32()));
  VF power = hn::ConvertTo(DF(), hn::Sub(hn::ShiftRight<23>(bits), set32(127)));
  power = hn::IfThenElse(zero, set_float(numerics::infinity_of<float>(true)), power);
  power = hn::IfThenElse(hn::RebindMask(DF(), hn::Eq(bits, infinite)), infinity, power);
  const VF m = hn::Or(hn::BitCast(DF(), hn::And(bits, set32(0x7FFFFF))), one),
           v = simd::rounded(hn::Sub(simd::rounded(hn::Mul(m, set_float(k::root_of_half))), one));
  const VF part = simd::divide(simd::rounded(hn::Mul(v, fused_polynomial(k::log_p, v))),
                               fused_polynomial(k::log_q, v)),
           y = fused(power, set_float(k::ln2), part);
  const auto none = hn::RebindMask(DF(), hn::Or(hn::Lt(bits, zero32()), hn::Gt(bits, infinite)));
  return hn::IfThenElse(zero, y, hn::IfThenElse(none, set_float(numerics::nan_of<float>()), y));
}
template <bool Cosine> HWY_INLINE VF sin_xnn(VF given) {
  namespace k = numerics::xnn;
  // The sign is put back because Highway's generic Round gives zeros without one.
  const VF x = flushed(given), half = set_float(k::half_turn),
           at = simd::rounded(hn::Mul(x, set_float(k::turns))),
           n = hn::Neg(hn::CopySign(hn::Round(at), at));
  VF v = fused(n, set_float(k::turn_low), fused(n, set_float(k::turn_high), x));
  if constexpr (Cosine)
    v = simd::rounded(
        hn::Add(simd::rounded(hn::Sub(set_float(k::quarter_high), v)), set_float(k::quarter_low)));
  v = hn::Min(v, simd::rounded(hn::Sub(half, v)));
  v = hn::Max(v, simd::rounded(hn::Sub(hn::Neg(half), v)));
  v = flushed(hn::Min(v, simd::rounded(hn::Sub(half, v))));
  const VF z = flushed(simd::rounded(hn::Mul(v, v))),
           y = flushed(simd::divide(simd::rounded(hn::Mul(v, fused_polynomial(k::sin_p, z))),
                                    fused_polynomial(k::sin_q, z)));
  const auto infinite = hn::RebindMask(
      DF(), hn::Eq(hn::And(hn::BitCast(D32(), given), set32(INT32_MAX)), set32(0x7F800000)));
  return unless_nan(given, hn::IfThenElse(infinite, set_float(numerics::nan_of<float>()), y));
}
/// numerics::detail::rsqrt14.
HWY_INLINE VF rsqrt14(V32 bits) {
  namespace k = numerics::xnn;
  const V32 m = hn::And(bits, set32(0x7FFFFF)), e = hn::ShiftRight<23>(bits),
            odd = hn::AndNot(e, set32(1)),
            power = hn::ShiftRight<1>(hn::Sub(hn::Add(odd, set32(379)), e));
  const V32 i = hn::Add(hn::ShiftLeft<5>(odd), hn::ShiftRight<18>(m)),
            at = hn::And(hn::ShiftRight<8>(m), set32(1023));
  const V32 fraction =
      hn::ShiftRight<9>(hn::Sub(hn::ShiftLeft<7>(hn::GatherIndex(D32(), k::root_first, i)),
                                hn::Mul(hn::GatherIndex(D32(), k::root_step, i), at)));
  const V32 y = hn::Or(hn::ShiftLeft<23>(power), hn::ShiftLeft<7>(fraction)),
            exact = hn::ShiftLeft<23>(hn::Add(power, set32(1)));
  return hn::BitCast(DF(), hn::IfThenElse(hn::Eq(hn::Or(m, odd), zero32()), exact, y));
}
/// numerics::detail::root_step.
HWY_INLINE VF root_step(VF x) {
  const VF y = rsqrt14(hn::BitCast(D32(), x)), square = flushed(simd::rounded(hn::Mul(y, y))),
           excess = simd::rounded(hn::Sub(simd::rounded(hn::Mul(x, square)), set_float(1.f))),
           half = simd::rounded(hn::Mul(y, set_float(0.5f)));
  return simd::rounded(hn::Sub(y, simd::rounded(hn::Mul(excess, half))));
}
/// 1 / sqrt(x), or sqrt(x).
template <bool Reciprocal> HWY_INLINE VF root_xnn(VF given) {
  const VF x = flushed(given), none = set_float(numerics::nan_of<float>()),
           root = root_step(hn::IfThenElse(
               hn::RebindMask(DF(), hn::Lt(hn::BitCast(D32(), x), set32(0x7F800000))), x,
               set_float(1.f)));
  const V32 bits = hn::BitCast(D32(), x), infinite = set32(0x7F800000);
  const auto positive = hn::RebindMask(DF(), hn::Gt(bits, zero32())),
             last = hn::RebindMask(DF(), hn::Eq(bits, infinite)),
             beyond = hn::RebindMask(DF(), hn::Gt(bits, infinite));
  if constexpr (Reciprocal) {
    const VF y = hn::IfThenElse(last, hn::Zero(DF()), root);
    return hn::IfThenElse(beyond, none, hn::IfThenElse(positive, y, none));
  }
  const auto zero = hn::RebindMask(DF(), hn::Eq(hn::And(bits, set32(INT32_MAX)), zero32()));
  const VF y = hn::IfThenElse(last, x, simd::rounded(hn::Mul(x, root)));
  return unless_nan(x, hn::IfThenElse(zero, x, hn::IfThenElse(positive, y, none)));
}

/// y[i] = f(x[i]) of n elements, under rounding XNN.
inline HWY_NOINLINE void xnnpack_floats(const unary_params& p, const float* x, float* y,
                                        std::size_t n) noexcept {
  switch (numerics::xnnpack_function_of(p.function)) {
    case numerics::xnnpack_function::logistic:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return logistic_xnn(v); });
    case numerics::xnnpack_function::tanh:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return tanh_xnn(v); });
    case numerics::xnnpack_function::gelu:
      if (p.approximate)
        return each_float(x, y, n, [](VF v) HWY_ATTR { return gelu_xnn<true>(v); });
      return each_float(x, y, n, [](VF v) HWY_ATTR { return gelu_xnn<false>(v); });
    case numerics::xnnpack_function::elu: {
      const VF alpha = set_float(p.alpha);
      return each_float(x, y, n, [alpha](VF v) HWY_ATTR { return elu_xnn(v, alpha); });
    }
    case numerics::xnnpack_function::hard_swish:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return hard_swish_xnn(v); });
    case numerics::xnnpack_function::exp:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return exp_xnn(v); });
    case numerics::xnnpack_function::log:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return log_xnn(v); });
    case numerics::xnnpack_function::sqrt:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return root_xnn<false>(v); });
    case numerics::xnnpack_function::rsqrt:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return root_xnn<true>(v); });
    case numerics::xnnpack_function::sin:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return sin_xnn<false>(v); });
    case numerics::xnnpack_function::cos:
      return each_float(x, y, n, [](VF v) HWY_ATTR { return sin_xnn<true>(v); });
    case numerics::xnnpack_function::other: break;  // the forms exclude these
  }
}
/// The elements themselves join a sum.
struct plain_terms {
  template <class V> HWY_INLINE V operator()(V sum, V x) const {
    return simd::rounded(hn::Add(sum, x));
  }
  float term(float x) const { return x; }
};
/// Squares of what differs from a mean do.
struct squares_about {
  float mean;
  template <class V> HWY_INLINE V operator()(V sum, V x) const {
    const V d = simd::rounded(hn::Sub(x, hn::Set(hn::DFromV<V>(), mean)));
    return simd::rounded(hn::Add(sum, simd::rounded(hn::Mul(d, d))));
  }
  float term(float x) const {
    const float d = numerics::sub(x, mean);
    return numerics::mul(d, d);
  }
};
/// numerics::row_sum_xnn, softmax_sum_xnn: elements of whole `most`s in 32 lanes.
template <class Terms = plain_terms>
HWY_NOINLINE float sum_in_lanes_xnn(const float* x, std::size_t n, std::size_t most,
                                    const Terms& terms = {}) noexcept {
  const hn::CappedTag<float, 16> sixteen;
  constexpr std::size_t width = hn::MaxLanes(sixteen), vectors = 16 / width;
  simd::side_by_side<float, 32> sums;
  float each[32];
  const std::size_t whole = n / 16 * 16, in_32 = n / most * most;
  std::size_t i = sums.add(x, in_32, terms);
  sums.store(each);
  if (i < in_32) {  // 16 of them: the first half
    for (std::size_t k = 0; k < 16; k += width)
      hn::StoreU(terms(hn::LoadU(sixteen, each + k), hn::LoadU(sixteen, x + i + k)), sixteen,
                 each + k);
    i += 16;
  }
  hn::Vec<decltype(sixteen)> lanes[vectors];
  for (std::size_t v = 0; v < vectors; ++v) {
    const std::size_t k = v * width;
    lanes[v] = hn::Add(hn::LoadU(sixteen, each + k), hn::LoadU(sixteen, each + k + 16));
    for (std::size_t j = i; j < whole; j += 16)
      lanes[v] = terms(simd::rounded(lanes[v]), hn::LoadU(sixteen, x + j + k));
  }
  if (n == whole) return simd::sum_of_halves(sixteen, lanes);
  float all[16];
  for (std::size_t v = 0; v < vectors; ++v) hn::StoreU(lanes[v], sixteen, all + v * width);
  return numerics::detail::xnn_sum_of_lanes(
      all, n - whole, [=](std::size_t k) { return terms.term(x[whole + k]); });
}

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
