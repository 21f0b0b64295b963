// Vectors, exact dot products, narrowing and the fused requantize of one target. Part of a pass:
// see pass-inl.hpp. No lambdas here and in the other -inl files: g++ 12 instantiates a lambda
// inside a template without the target's attributes.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

namespace hn = hwy::HWY_NAMESPACE;

using D32 = hn::ScalableTag<std::int32_t>;
using D16 = hn::ScalableTag<std::int16_t>;
using D8 = hn::ScalableTag<std::int8_t>;
using DU8 = hn::ScalableTag<std::uint8_t>;
using DF = hn::ScalableTag<float>;
using DF64 = hn::ScalableTag<double>;
using D8H = hn::Rebind<std::int8_t, D16>;  // half as many bytes as a vector has
using DU8H = hn::Rebind<std::uint8_t, D16>;
using D32H = hn::Rebind<std::int32_t, DF64>;
using V32 = hn::Vec<D32>;
using V16 = hn::Vec<D16>;
using V8 = hn::Vec<D8>;
using VF = hn::Vec<DF>;

inline constexpr int L = HWY_MAX_BYTES / 4;  // lanes of 32 bits
#if HWY_ARCH_X86
inline constexpr bool is_x86 = true;
#else
inline constexpr bool is_x86 = false;
#endif
inline constexpr kernels::target_layout layout{L, HWY_MAX_BYTES == 64 || !is_x86 ? 4 : 2,
                                               OCTET_QUAD == 0   ? 0
                                               : OCTET_QUAD == 3 ? 2
                                                                 : 1,
                                               !is_x86};

HWY_INLINE V32 zero32() { return hn::Zero(D32()); }
HWY_INLINE V32 set32(std::int32_t v) { return hn::Set(D32(), v); }

/// The four bytes at p in every lane.
HWY_INLINE V32 broadcast4(const std::byte* p) {
  std::int32_t v;
  std::memcpy(&v, p, 4);
  return hn::Set(D32(), v);
}

/// n <= HWY_MAX_BYTES bytes; the rest of the vector is unspecified. Reads nothing else.
HWY_INLINE hn::Vec<DU8> load_bytes(const std::byte* x, std::size_t n) {
#if HWY_MAX_BYTES == 64
  return hn::Vec<DU8>{
      _mm512_maskz_loadu_epi8(n == 64 ? ~__mmask64{0} : (__mmask64{1} << n) - 1, x)};
#else
  if (n >= HWY_MAX_BYTES) return hn::LoadU(DU8(), reinterpret_cast<const std::uint8_t*>(x));
  alignas(64) std::uint8_t whole[HWY_MAX_BYTES] = {};
  std::memcpy(whole, x, n);
  return hn::Load(DU8(), whole);
#endif
}
// ---- dot products ----
// acc.lane[i] += sum over j of a[i][j] * w[i][j], exact modulo 2^32. `w_bytes`: packed weights per
// lane.

/// int16 x int16, two a lane. On Arm lane i's pair is elements i and lanes + i.
HWY_INLINE V32 dot_pair(V32 acc, V32 a, V16 w) {
#if HWY_ARCH_X86
#if HWY_MAX_BYTES == 64
#if OCTET_QUAD == 1
  return V32{_mm512_dpwssd_epi32(acc.raw, a.raw, w.raw)};
#else
  return hn::Add(acc, V32{_mm512_madd_epi16(a.raw, w.raw)});
#endif
#elif HWY_MAX_BYTES == 32
  return hn::Add(acc, V32{_mm256_madd_epi16(a.raw, w.raw)});
#else
  return hn::Add(acc, V32{_mm_madd_epi16(a.raw, w.raw)});
#endif
#else
  const int16x8_t pair = vreinterpretq_s16_s32(a.raw);  // a0 a1 a0 a1 ...
  return V32(vmlal_lane_s16(vmlal_lane_s16(acc.raw, vget_low_s16(w.raw), vget_low_s16(pair), 0),
                            vget_high_s16(w.raw), vget_low_s16(pair), 1));
#endif
}
/// The same where both operands lie pair by pair in memory order of dot_pair's w.
HWY_INLINE V32 dot_pair_each(V32 acc, V16 a, V16 w) {
#if HWY_ARCH_X86
  return dot_pair(acc, hn::BitCast(D32(), a), w);
#else
  return V32(vmlal_s16(vmlal_s16(acc.raw, vget_low_s16(a.raw), vget_low_s16(w.raw)),
                       vget_high_s16(a.raw), vget_high_s16(w.raw)));
#endif
}
struct pair8_ops {
  static constexpr int w_bytes = 2;
  using W = V16;
  static HWY_INLINE W load(const std::byte* w) {
    return hn::PromoteTo(D16(), hn::LoadU(D8H(), reinterpret_cast<const std::int8_t*>(w)));
  }
  static HWY_INLINE V32 dot(V32 acc, V32 a, W w) { return dot_pair(acc, a, w); }
};
struct pair16_ops {
  static constexpr int w_bytes = 4;
  using W = V16;
  static HWY_INLINE W load(const std::byte* w) {
    return hn::LoadU(D16(), reinterpret_cast<const std::int16_t*>(w));
  }
  static HWY_INLINE V32 dot(V32 acc, V32 a, W w) { return dot_pair(acc, a, w); }
};
#if OCTET_QUAD != 0
/// Bytes, four a lane: u8 x s8 (VNNI), s8 x s8 (Arm).
struct quad_ops {
  static constexpr int w_bytes = 4;
  using W = V8;
  static HWY_INLINE W load(const std::byte* w) {
    return hn::LoadU(D8(), reinterpret_cast<const std::int8_t*>(w));
  }
  static HWY_INLINE V32 dot(V32 acc, V32 a, W w) {
#if OCTET_QUAD == 1
    // Not the intrinsic: with it g++ 12 keeps a third of a 6x4 tile's accumulators in memory (200
    // GMAC/s for 400 on Zen 5).
    __asm__("vpdpbusd %2, %1, %0" : "+v"(acc.raw) : "v"(a.raw), "v"(w.raw));
    return acc;
#elif OCTET_QUAD == 2
    // Even and odd bytes as int16, two vpmaddwd: what vpdpbusd computes, without its saturating
    // sibling's loss.
    const auto a16 = hn::BitCast(D16(), a), w16 = hn::BitCast(D16(), w);
    const hn::RebindToUnsigned<D16> u16;
    const V32 even{_mm256_madd_epi16(hn::And(a16, hn::Set(D16(), 0xFF)).raw,
                                     hn::ShiftRight<8>(hn::ShiftLeft<8>(w16)).raw)};
    const V32 odd{
        _mm256_madd_epi16(hn::BitCast(D16(), hn::ShiftRight<8>(hn::BitCast(u16, a16))).raw,
                          hn::ShiftRight<8>(w16).raw)};
    return hn::Add(acc, hn::Add(even, odd));
#else
    return V32(vdotq_s32(acc.raw, vreinterpretq_s8_s32(a.raw), w.raw));
#endif
  }
};
#endif

// ---- narrowing ----

/// Saturated to int16, plus z (saturating), saturated to int8: NV * L values in channel order at
/// the start of the vector.
template <int NV> HWY_INLINE V8 narrow(const V32 (&x)[NV], V16 z) {
#if HWY_ARCH_X86
#if HWY_MAX_BYTES == 64
  const __m512i a = _mm512_adds_epi16(_mm512_packs_epi32(x[0].raw, x[NV > 1 ? 1 : 0].raw), z.raw);
  const __m512i b =
      NV > 2 ? _mm512_adds_epi16(
                   _mm512_packs_epi32(x[NV > 2 ? 2 : 0].raw, x[NV > 3 ? 3 : NV - 1].raw), z.raw)
             : a;
  const __m512i q = _mm512_packs_epi16(a, b);
  if constexpr (NV == 4)
    return V8{q};
  else if constexpr (NV == 3)
    return V8{_mm512_permutexvar_epi32(
        _mm512_setr_epi32(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15), q)};
  else if constexpr (NV == 2)
    return V8{_mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), q)};
  else
    return V8{_mm512_permutexvar_epi32(
        _mm512_setr_epi32(0, 4, 8, 12, 1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15), q)};
#elif HWY_MAX_BYTES == 32
  const __m256i a = _mm256_adds_epi16(_mm256_packs_epi32(x[0].raw, x[NV > 1 ? 1 : 0].raw), z.raw);
  const __m256i b =
      NV > 2 ? _mm256_adds_epi16(
                   _mm256_packs_epi32(x[NV > 2 ? 2 : 0].raw, x[NV > 3 ? 3 : NV - 1].raw), z.raw)
             : a;
  const __m256i q = _mm256_packs_epi16(a, b);
  if constexpr (NV == 4)
    return V8{q};
  else if constexpr (NV == 3)
    return V8{_mm256_permutevar8x32_epi32(q, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7))};
  else if constexpr (NV == 2)
    return V8{_mm256_permute4x64_epi64(q, 0xD8)};
  else
    return V8{_mm256_permutevar8x32_epi32(q, _mm256_setr_epi32(0, 4, 1, 2, 3, 5, 6, 7))};
#else
  const __m128i a = _mm_adds_epi16(_mm_packs_epi32(x[0].raw, x[NV > 1 ? 1 : 0].raw), z.raw);
  const __m128i b =
      NV > 2 ? _mm_adds_epi16(_mm_packs_epi32(x[NV > 2 ? 2 : 0].raw, x[NV > 3 ? 3 : NV - 1].raw),
                              z.raw)
             : a;
  return V8{_mm_packs_epi16(a, b)};
#endif
#else
  const int16x8_t a =
      vqaddq_s16(vcombine_s16(vqmovn_s32(x[0].raw), vqmovn_s32(x[NV > 1 ? 1 : 0].raw)), z.raw);
  const int16x8_t b = NV > 2 ? vqaddq_s16(vcombine_s16(vqmovn_s32(x[NV > 2 ? 2 : 0].raw),
                                                       vqmovn_s32(x[NV > 3 ? 3 : NV - 1].raw)),
                                          z.raw)
                             : a;
  return V8(vcombine_s8(vqmovn_s16(a), vqmovn_s16(b)));
#endif
}

/// Writes the first n <= N bytes of v, N <= HWY_MAX_BYTES, and nothing else.
template <int N> HWY_INLINE void store_bytes(V8 v, std::byte* to, int n) {
#if HWY_MAX_BYTES == 64
  if (n == N && N == 64)
    _mm512_storeu_si512(to, v.raw);
  else if (n == N && N == 32)
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_castsi512_si256(v.raw));
  else if (n == N && N == 16)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_castsi512_si128(v.raw));
  else
    _mm512_mask_storeu_epi8(to, n == 64 ? ~__mmask64{0} : (__mmask64{1} << n) - 1, v.raw);
#else
  if (n == N && N == HWY_MAX_BYTES) {
    hn::StoreU(v, D8(), reinterpret_cast<std::int8_t*>(to));
    return;
  }
  alignas(64) std::int8_t whole[HWY_MAX_BYTES];
#if HWY_ARCH_X86
  if (n == N && N == 8) {
#if HWY_MAX_BYTES == 32
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm256_castsi256_si128(v.raw));
#else
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), v.raw);
#endif
    return;
  }
#if HWY_MAX_BYTES == 32
  if (n == N && N == 16) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_castsi256_si128(v.raw));
    return;
  }
#endif
#endif
  hn::Store(v, D8(), whole);
  if (n == N)
    std::memcpy(to, whole, N);
  else
    std::memcpy(to, whole, static_cast<std::size_t>(n));
#endif
}

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
        highest(hn::Set(DF(), e.highest)) {}
};
/// Rounded values of one row to 8 bits: zero point, clamp, first n channels written.
template <int NV>
HWY_INLINE void store_8bit(const epilogue& e, const V32 (&x)[NV], std::byte* to, int n) {
  const V8 q = hn::Xor(hn::Min(hn::Max(narrow<NV>(x, e.z), e.lo), e.hi), e.flip);
  store_bytes<NV * L>(q, to, n);
}

// ---- requantize ----

/// Round to nearest, ties to even, for |v| < 2^31.
HWY_INLINE V32 round_even(VF v) {
#if HWY_ARCH_X86
#if HWY_MAX_BYTES == 64
  return V32{_mm512_cvtps_epi32(v.raw)};
#elif HWY_MAX_BYTES == 32
  return V32{_mm256_cvtps_epi32(v.raw)};
#else
  return V32{_mm_cvtps_epi32(v.raw)};
#endif
#else
  return V32(vcvtnq_s32_f32(v.raw));
#endif
}
/// A float vector that was rounded to binary32: keeps the compiler from fusing the product into a
/// sum.
HWY_INLINE VF rounded(VF v) {
#if HWY_ARCH_X86
#if HWY_MAX_BYTES == 64
  __asm__("" : "+v"(v.raw));
#else
  __asm__("" : "+x"(v.raw));
#endif
#else
  __asm__("" : "+w"(v.raw));
#endif
  return v;
}
/// a / b with one rounding. -ffast-math turns a division, the intrinsic too, into a reciprocal and
/// a product; it cannot do so with this.
HWY_INLINE VF divide(VF a, VF b) {
#if HWY_ARCH_X86
#if HWY_MAX_BYTES == 64
  __asm__("vdivps %1, %0, %0" : "+v"(a.raw) : "v"(b.raw));
#elif HWY_MAX_BYTES == 32
  __asm__("vdivps %1, %0, %0" : "+x"(a.raw) : "x"(b.raw));
#else
  __asm__("divps %1, %0" : "+x"(a.raw) : "x"(b.raw));
#endif
#else
  __asm__("fdiv %0.4s, %0.4s, %1.4s" : "+w"(a.raw) : "w"(b.raw));
#endif
  return a;
}
/// F and FB: rint((x + b) * m), cut at `highest`. An int32 plus 0.f is itself. Below, the
/// conversion gives INT32_MIN, which saturates to the same result.
HWY_INLINE V32 requantize_real(V32 x, VF b, VF m, VF highest) {
  return round_even(
      hn::Min(rounded(hn::Mul(rounded(hn::Add(hn::ConvertTo(DF(), x), b)), m)), highest));
}

/// floor((x * m + 2^30) / 2^31), x and m int32, not both INT32_MIN.
HWY_INLINE V32 doubling_high(V32 x, V32 m) {
#if HWY_ARCH_X86
  const hn::ScalableTag<std::uint64_t> u64;
  const hn::ScalableTag<std::int64_t> d64;
  const auto nudge = hn::Set(d64, std::int64_t{1} << 30);
  const auto odd_x = hn::BitCast(D32(), hn::ShiftRight<32>(hn::BitCast(u64, x))),
             odd_m = hn::BitCast(D32(), hn::ShiftRight<32>(hn::BitCast(u64, m)));
  const auto even = hn::Add(hn::MulEven(x, m), nudge),
             odd = hn::Add(hn::MulEven(odd_x, odd_m), nudge);
  return hn::OddEven(hn::BitCast(D32(), hn::Add(odd, odd)),
                     hn::BitCast(D32(), hn::ShiftRight<31>(hn::BitCast(u64, even))));
#else
  // vqrdmulhq_s32 saturates its sum only where the product's does: (2*x*m + 2^31) >> 32 in exact
  // arithmetic, the same floor.
  return V32(vqrdmulhq_s32(x.raw, m.raw));
#endif
}
HWY_INLINE V32 sign_of(V32 x) { return hn::ShiftRight<31>(x); }
/// DR for |x| < 2^30 and right shifts R of 1 to 31, without a left shift. With h = floor((x*m +
/// 2^30) / 2^31) it is floor((h + 2^(R-1) - [h < 0]) / 2^R), and [x < 0] does for [h < 0]: they
/// differ where h is 0 only, and there both give 0. x86: x comes with its sign bit flipped
/// (`dr_flip`, put into the start of the accumulator), as u = x + 2^31, so that one unsigned
/// product u * 2m and one constant for both roundings give h + 2^(R-1) - 1 as the high half of 64
/// bits: 2xm + 2^31 + 2^(31+R) - 2^32. fill_panel has the constants.
#if HWY_ARCH_X86
inline constexpr std::int32_t dr_flip = INT32_MIN;
struct requantize_dr {
  hn::Vec<hn::ScalableTag<std::uint32_t>> even_m, odd_m;  // 2m
  hn::Vec<hn::ScalableTag<std::uint64_t>> even,
      odd;  // the constants, of both roundings and of the flip
  V32 shift;
  HWY_INLINE requantize_dr() {
  }  // not defaulted: g++ makes that one without the target's attributes
  /// From a panel's arrays at this vector: multipliers, shifts minus 1, constants of even and of
  /// odd lanes.
  HWY_INLINE void set(const std::int32_t* m, const std::int32_t* r, const std::int32_t* of_even,
                      const std::int32_t* of_odd) {
    const hn::ScalableTag<std::uint32_t> u32;
    const hn::ScalableTag<std::uint64_t> u64;
    const V32 once = hn::LoadU(D32(), m);
    even_m = hn::BitCast(u32, hn::Add(once, once));
    odd_m = hn::BitCast(u32, hn::ShiftRight<32>(hn::BitCast(u64, even_m)));
    even = hn::BitCast(u64, hn::LoadU(D32(), of_even));
    odd = hn::BitCast(u64, hn::LoadU(D32(), of_odd));
    shift = hn::Add(hn::LoadU(D32(), r), set32(1));
  }
  HWY_INLINE V32 operator()(V32 flipped) const {
    const hn::ScalableTag<std::uint32_t> u32;
    const hn::ScalableTag<std::uint64_t> u64;
    const auto u = hn::BitCast(u32, flipped);
    const auto e = hn::Add(hn::MulEven(u, even_m), even),
               o = hn::Add(
                   hn::MulEven(hn::BitCast(u32, hn::ShiftRight<32>(hn::BitCast(u64, u))), odd_m),
                   odd);
#if HWY_MAX_BYTES == 64
    const V32 high{
        _mm512_mask_shuffle_epi32(o.raw, 0x5555, e.raw, static_cast<_MM_PERM_ENUM>(0xF5))};
#else
    const V32 high = hn::OddEven(hn::BitCast(D32(), o), hn::BitCast(D32(), hn::ShiftRight<32>(e)));
#endif
    return hn::Shr(hn::Sub(high, sign_of(flipped)), shift);
  }
};
#else
inline constexpr std::int32_t dr_flip = 0;
struct requantize_dr {
  V32 m, r;
  HWY_INLINE requantize_dr() {}
  HWY_INLINE void set(const std::int32_t* multipliers, const std::int32_t* shifts,
                      const std::int32_t*, const std::int32_t*) {
    m = hn::LoadU(D32(), multipliers), r = hn::LoadU(D32(), shifts);
  }
  HWY_INLINE V32 operator()(V32 x) const {
    const V32 h = doubling_high(x, m);
    return hn::ShiftRight<1>(hn::Add(hn::Shr(hn::Add(h, sign_of(h)), r), set32(1)));
  }
};
#endif
/// DR, RU with any shifts. `away`: -1 where ties of the second rounding go away from
/// zero.
HWY_INLINE V32 requantize_shift(V32 x, V32 m, V32 r, V32 l, V32 away) {
  const V32 h = doubling_high(hn::Shl(x, l), m);
  const V32 y = hn::ShiftRight<1>(
      hn::Add(hn::Shr(hn::Add(h, hn::And(sign_of(h), away)), hn::Max(r, zero32())), set32(1)));
  return hn::IfThenElse(hn::Lt(r, zero32()), h, y);
}

/// Columns of a panel or block with `nv` vectors: where its arrays are.
struct columns {
  const std::int32_t *bias, *m, *r, *l, *away, *even, *odd;
  HWY_INLINE columns(const std::byte* arrays, int nv)
      : bias(reinterpret_cast<const std::int32_t*>(arrays)),
        m(bias + nv * L),
        r(m + nv * L),
        l(r + nv * L),
        away(l + nv * L),
        even(away + nv * L),
        odd(even + nv * L) {}
  const float* scale() const { return reinterpret_cast<const float*>(m); }
  const float* real_bias() const { return reinterpret_cast<const float*>(r); }
  const double* scale64() const { return reinterpret_cast<const double*>(m); }
};

/// One row of int32 accumulators in packed order to the output, any rounding and type: `nv` vectors
/// at `x`, n channels from `first`. Not inlined: once per target, for what the fused epilogues do
/// not take.
inline HWY_NOINLINE void finish_row(const requantize_params& q, dtype out,
                                    const kernels::epilogue_scalars& e, const std::byte* arrays,
                                    int nv, std::int32_t* x, std::byte* to, int n,
                                    std::int32_t first) {
  const columns c(arrays, nv);
  bool rounded_only = true;  // false: zero point and clamp are in already
  switch (q.mode) {
    case rounding::none: break;
    case rounding::DR:
    case rounding::RU:
      for (int v = 0; v < nv * L; v += L)
        hn::StoreU(requantize_shift(hn::LoadU(D32(), x + v), hn::LoadU(D32(), c.m + v),
                                    hn::LoadU(D32(), c.r + v), hn::LoadU(D32(), c.l + v),
                                    hn::LoadU(D32(), c.away + v)),
                   D32(), x + v);
      break;
    case rounding::F:
    case rounding::FB:
      for (int v = 0; v < nv * L; v += L)
        hn::StoreU(requantize_real(hn::LoadU(D32(), x + v), hn::LoadU(DF(), c.real_bias() + v),
                                   hn::LoadU(DF(), c.scale() + v), hn::Set(DF(), e.highest)),
                   D32(), x + v);
      break;
    case rounding::FZ: {
      const VF z = hn::Set(DF(), static_cast<float>(q.zero_point)),
               hi = hn::Set(DF(), static_cast<float>(q.hi));
      for (int v = 0; v < nv * L; v += L) {
        const VF p = rounded(
            hn::Mul(hn::ConvertTo(DF(), hn::LoadU(D32(), x + v)), hn::LoadU(DF(), c.scale() + v)));
        hn::StoreU(hn::Max(round_even(hn::Min(rounded(hn::Add(p, z)), hi)), set32(q.lo)), D32(),
                   x + v);
      }
      rounded_only = false;
      break;
    }
    case rounding::D64: {
      const auto z = hn::Set(DF64(), static_cast<double>(q.zero_point)),
                 lo = hn::Set(DF64(), static_cast<double>(q.lo)),
                 hi = hn::Set(DF64(), static_cast<double>(q.hi));
      const auto half = hn::Set(DF64(), 0.5), one = hn::Set(DF64(), 1.0);
      for (int v = 0; v < nv * L; v += L / 2) {
        const auto p = hn::Mul(hn::PromoteTo(DF64(), hn::LoadU(D32H(), x + v)),
                               hn::LoadU(DF64(), c.scale64() + v));
        // Ties away from zero: trunc(p + 0.5) would be wrong just below a half. |p| of 2^52 and
        // more is an integer, and its rest 0.
        const auto t = hn::Trunc(p), rest = hn::Sub(hn::Abs(p), hn::Abs(t));
        const auto up = hn::CopySign(one, p);
        const auto y = hn::IfThenElse(hn::Ge(rest, half), hn::Add(t, up), t);
        hn::StoreU(hn::DemoteTo(D32H(), hn::Min(hn::Max(hn::Add(y, z), lo), hi)), D32H(), x + v);
      }
      rounded_only = false;
      break;
    }
    default:
      for (int v = 0; v < nv; ++v)
        for (int i = 0; i < L; ++i)
          if (const std::int32_t local = kernels::channel_in_panel(nv, v, i); local < n)
            x[v * L + i] = numerics::requantize(q, x[v * L + i], first + local);
      rounded_only = false;
      break;
  }
  if (is_8bit(out)) {
    const std::int32_t shift = out == dtype::u8 ? 128 : 0;
    kernels::epilogue_scalars s = e;
    if (!rounded_only) s.zero_point = -shift;
    const epilogue ev(s);
    switch (nv) {
      case 1: {
        const V32 a[1] = {hn::LoadU(D32(), x)};
        store_8bit<1>(ev, a, to, n);
        break;
      }
      case 2: {
        const V32 a[2] = {hn::LoadU(D32(), x), hn::LoadU(D32(), x + L)};
        store_8bit<2>(ev, a, to, n);
        break;
      }
      case 3: {
        const V32 a[3] = {hn::LoadU(D32(), x), hn::LoadU(D32(), x + L),
                          hn::LoadU(D32(), x + 2 * L)};
        store_8bit<3>(ev, a, to, n);
        break;
      }
      default: {
        const V32 a[4] = {hn::LoadU(D32(), x), hn::LoadU(D32(), x + L), hn::LoadU(D32(), x + 2 * L),
                          hn::LoadU(D32(), x + 3 * L)};
        store_8bit<4>(ev, a, to, n);
        break;
      }
    }
    return;
  }
  const bool wide = out == dtype::s32;
  for (int v = 0; v < nv; ++v)
    for (int i = 0; i < L; ++i) {
      const std::int32_t local = kernels::channel_in_panel(nv, v, i);
      if (local >= n) continue;
      std::int32_t y = x[v * L + i];
      if (wide) {
        std::memcpy(to + 4 * local, &y, 4);
      } else {
        if (rounded_only)
          y = static_cast<std::int32_t>(
              numerics::clamp<std::int64_t>(std::int64_t{y} + q.zero_point, q.lo, q.hi));
        const auto s = static_cast<std::int16_t>(y);
        std::memcpy(to + 2 * local, &s, 2);
      }
    }
}

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
