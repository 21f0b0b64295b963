// From accumulators of a row to the output: what the matrix and depthwise kernels end with. Part of
// a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// Vectors of the epilogue's scalars.
struct epilogue {
  V16 z;
  V8 lo, hi, flip;
  VF highest;
  explicit HWY_INLINE epilogue(const kernels::epilogue_scalars& e)
      : z(hn::Set(D16(), static_cast<std::int16_t>(e.zero_point))),
        lo(hn::Set(D8(), static_cast<std::int8_t>(e.lo))),
        hi(hn::Set(D8(), static_cast<std::int8_t>(e.hi))),
        flip(hn::Set(D8(), static_cast<std::int8_t>(e.flip))),
        highest(set_float(e.highest)) {}
};
/// Rounded values of one row to 8 bits: zero point, clamp, first n channels written.
template <int NV>
HWY_INLINE void store_8bit(const epilogue& e, const V32 (&x)[NV], std::byte* to, int n) {
  const V8 q = hn::Xor(hn::Min(hn::Max(simd::narrow<NV>(x, e.z), e.lo), e.hi), e.flip);
  simd::store_bytes<NV * lanes32>(q, to, n);
}

/// Columns of a panel or block with `nv` vectors: where its arrays are (kernels::panel_arrays).
struct columns {
  const std::int32_t *bias, *m, *r, *l, *away, *even, *odd;
  HWY_INLINE columns(const std::byte* arrays, int nv)
      : bias(reinterpret_cast<const std::int32_t*>(arrays)),
        m(bias + nv * lanes32),
        r(m + nv * lanes32),
        l(r + nv * lanes32),
        away(l + nv * lanes32),
        even(away + nv * lanes32),
        odd(even + nv * lanes32) {}
  const float* scale() const { return reinterpret_cast<const float*>(m); }
  const float* real_bias() const { return reinterpret_cast<const float*>(r); }
  const double* scale64() const { return reinterpret_cast<const double*>(m); }
};

// The accumulators x[0..count) of a row in packed order, rounded in place.
HWY_INLINE void round_shift(const columns& c, std::int32_t* x, int count) {
  for (int v = 0; v < count; v += lanes32)
    simd::store(requantize_shift(simd::load(x + v), simd::load(c.m + v), simd::load(c.r + v),
                                 simd::load(c.l + v), simd::load(c.away + v)),
                x + v);
}
HWY_INLINE void round_real(const columns& c, float highest, std::int32_t* x, int count) {
  for (int v = 0; v < count; v += lanes32)
    simd::store(requantize_real(simd::load(x + v), simd::load(c.real_bias() + v),
                                simd::load(c.scale() + v), set_float(highest)),
                x + v);
}
HWY_INLINE void round_real_zero(const requantize_params& q, const columns& c, std::int32_t* x,
                                int count) {
  const VF z = set_float(static_cast<float>(q.zero_point)),
           lo = set_float(static_cast<float>(q.lo)), hi = set_float(static_cast<float>(q.hi));
  for (int v = 0; v < count; v += lanes32)
    simd::store(requantize_real_zero(simd::load(x + v), simd::load(c.scale() + v), z, lo, hi),
                x + v);
}
HWY_INLINE void round_double(const requantize_params& q, const columns& c, std::int32_t* x,
                             int count) {
  const auto z = hn::Set(DF64(), static_cast<double>(q.zero_point)),
             lo = hn::Set(DF64(), static_cast<double>(q.lo)),
             hi = hn::Set(DF64(), static_cast<double>(q.hi));
  const simd::per64<std::int32_t> ints;
  for (int v = 0; v < count; v += simd::lanes<double>) {
    const auto wide = hn::PromoteTo(DF64(), hn::LoadU(ints, x + v));
    const auto y = requantize_double(wide, simd::load(c.scale64() + v), z, lo, hi);
    hn::StoreU(hn::DemoteTo(ints, y), ints, x + v);
  }
}
HWY_INLINE void round_scalar(const requantize_params& q, std::int32_t* x, int nv, int channels,
                             std::int32_t first) {
  for (int v = 0; v < nv; ++v)
    for (int i = 0; i < lanes32; ++i)
      if (const std::int32_t local = kernels::channel_in_panel(nv, v, i); local < channels)
        x[v * lanes32 + i] = numerics::requantize(q, x[v * lanes32 + i], first + local);
}

/// True: rounded only. False: zero point and clamp are in already.
HWY_INLINE bool round_row(const requantize_params& q, const columns& c, float highest,
                          std::int32_t* x, int nv, int channels, std::int32_t first) {
  const int count = nv * lanes32;
  switch (q.mode) {
    case rounding::none: return true;
    case rounding::doubling_high_half_away:
    case rounding::doubling_high_half_up: round_shift(c, x, count); return true;
    case rounding::float_half_even:
    case rounding::float_bias_half_even: round_real(c, highest, x, count); return true;
    case rounding::float_zero_point_half_even: round_real_zero(q, c, x, count); return false;
    case rounding::double_half_away: round_double(q, c, x, count); return false;
    case rounding::wide_half_up:
    case rounding::eight_bit_ratio_half_up:
    case rounding::reciprocal_half_even:
    case rounding::divide_half_away:
    case rounding::divide_half_even:
    case rounding::xnnpack:
    case rounding::qnnpack:
    case rounding::fused_multiply_add:
    case rounding::tflite_optimized:
    case rounding::aten:
    case rounding::divide_truncate:
    case rounding::mxnet: break;  // a few of these are requantizes, none a frequent one
  }
  round_scalar(q, x, nv, channels, first);
  return false;
}

template <int NV>
HWY_INLINE void store_row_8bit(const epilogue& e, const std::int32_t* x, std::byte* to, int n) {
  V32 a[NV];
  for (int v = 0; v < NV; ++v) a[v] = simd::load(x + v * lanes32);
  store_8bit<NV>(e, a, to, n);
}
/// int32 and int16 outputs, one by one.
HWY_INLINE void store_row_wide(const requantize_params& q, dtype out, bool rounded_only, int nv,
                               const std::int32_t* x, std::byte* to, int n) {
  for (int v = 0; v < nv; ++v)
    for (int i = 0; i < lanes32; ++i) {
      const std::int32_t local = kernels::channel_in_panel(nv, v, i);
      if (local >= n) continue;
      std::int32_t y = x[v * lanes32 + i];
      if (out == dtype::s32) {
        std::memcpy(to + 4 * local, &y, 4);
        continue;
      }
      if (rounded_only)
        y = static_cast<std::int32_t>(
            numerics::clamp<std::int64_t>(std::int64_t{y} + q.zero_point, q.lo, q.hi));
      const auto s = static_cast<std::int16_t>(y);
      std::memcpy(to + 2 * local, &s, 2);
    }
}

/// One row of int32 accumulators in packed order to the output, any rounding and type: `nv` vectors
/// at `x`, n channels from `first`. Not inlined: once per target, for what the fused epilogues do
/// not take.
inline HWY_NOINLINE void finish_row(const requantize_params& q, dtype out,
                                    const kernels::epilogue_scalars& e, const std::byte* arrays,
                                    int nv, std::int32_t* x, std::byte* to, int n,
                                    std::int32_t first) {
  const bool rounded_only = round_row(q, columns(arrays, nv), e.highest, x, nv, n, first);
  if (!is_8bit(out)) return store_row_wide(q, out, rounded_only, nv, x, to, n);
  kernels::epilogue_scalars s = e;
  if (!rounded_only) s.zero_point = out == dtype::u8 ? -128 : 0;
  const epilogue ev(s);
  if (nv == 1) return store_row_8bit<1>(ev, x, to, n);
  if (nv == 2) return store_row_8bit<2>(ev, x, to, n);
  if (nv == 3) return store_row_8bit<3>(ev, x, to, n);
  store_row_8bit<4>(ev, x, to, n);
}

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
