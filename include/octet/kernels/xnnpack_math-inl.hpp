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
    case numerics::xnnpack_function::other: break;  // the forms exclude these
  }
}
/// numerics::row_sum_xnn, softmax_sum_xnn: elements of whole `most`s in 32 lanes.
inline HWY_NOINLINE float sum_in_lanes_xnn(const float* x, std::size_t n,
                                           std::size_t most) noexcept {
  const hn::CappedTag<float, 16> sixteen;
  constexpr std::size_t width = hn::MaxLanes(sixteen), vectors = 16 / width;
  simd::side_by_side<float, 32> sums;
  float each[32];
  const std::size_t whole = n / 16 * 16, in_32 = n / most * most;
  std::size_t i = sums.add(x, in_32);
  sums.store(each);
  if (i < in_32) {  // 16 of them: the first half
    for (std::size_t k = 0; k < 16; ++k) each[k] = numerics::add(each[k], x[i + k]);
    i += 16;
  }
  hn::Vec<decltype(sixteen)> lanes[vectors];
  for (std::size_t v = 0; v < vectors; ++v) {
    const std::size_t k = v * width;
    lanes[v] = hn::Add(hn::LoadU(sixteen, each + k), hn::LoadU(sixteen, each + k + 16));
    for (std::size_t j = i; j < whole; j += 16)
      lanes[v] = hn::Add(simd::rounded(lanes[v]), hn::LoadU(sixteen, x + j + k));
  }
  if (n == whole) return simd::sum_of_halves(sixteen, lanes);
  float all[16];
  for (std::size_t v = 0; v < vectors; ++v) hn::StoreU(lanes[v], sixteen, all + v * width);
  return numerics::detail::xnn_sum_of_lanes(all, n - whole,
                                            [=](std::size_t k) { return x[whole + k]; });
}

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
