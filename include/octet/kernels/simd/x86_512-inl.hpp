// The primitives of AVX-512, without and with VNNI (OCTET_QUAD 1): 512-bit vectors, masked loads
// and stores. Part of a pass: see pass-inl.hpp; what each primitive does: generic-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {
namespace simd {

inline constexpr int registers = 32;
inline constexpr std::uint8_t quads = OCTET_QUAD == 1 ? 1 : 0;

template <class N> HWY_INLINE __mmask64 first_bytes(N n) {  // n <= 64
  return n == 64 ? ~__mmask64{0} : (__mmask64{1} << n) - 1;
}
HWY_INLINE VU8 load_bytes(const std::byte* x, std::size_t n) {
  return VU8{_mm512_maskz_loadu_epi8(first_bytes(n), x)};
}
template <int N> HWY_INLINE void store_bytes(V8 v, std::byte* to, int n) {
  if (N == 64 && n == N)
    _mm512_storeu_si512(to, v.raw);
  else if (N == 32 && n == N)
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_castsi512_si256(v.raw));
  else if (N == 16 && n == N)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_castsi512_si128(v.raw));
  else
    _mm512_mask_storeu_epi8(to, first_bytes(n), v.raw);
}

#if OCTET_QUAD == 1
/// Not the intrinsics: with them g++ 12 keeps a third of a 6x4 tile's accumulators in memory (200
/// GMAC/s for 400 on Zen 5).
HWY_INLINE V32 dot_pairs(V32 acc, V32 a, V16 w) {
  __asm__("vpdpwssd %2, %1, %0" : "+v"(acc.raw) : "v"(a.raw), "v"(w.raw));
  return acc;
}
HWY_INLINE V32 dot_quads(V32 acc, V32 a, V8 w) {
  __asm__("vpdpbusd %2, %1, %0" : "+v"(acc.raw) : "v"(a.raw), "v"(w.raw));
  return acc;
}
#else
HWY_INLINE V32 dot_pairs(V32 acc, V32 a, V16 w) {
  return hn::Add(acc, V32{_mm512_madd_epi16(a.raw, w.raw)});
}
HWY_INLINE V32 dot_quads(V32 acc, V32 a, V8 w) {
  const generic::quad_halves q(a, w);
  return dot_pairs(dot_pairs(acc, hn::BitCast(D32(), q.even_a), q.even_w),
                   hn::BitCast(D32(), q.odd_a), q.odd_w);
}
#endif
HWY_INLINE V32 dot_pairs_each(V32 acc, V16 a, V16 w) {
  return dot_pairs(acc, hn::BitCast(D32(), a), w);
}

/// The packs work inside blocks of 128 bits: one permutation sorts them.
template <int NV> HWY_INLINE V8 narrow(const V32 (&x)[NV], V16 z) {
  const __m512i a = _mm512_adds_epi16(_mm512_packs_epi32(x[0].raw, x[NV > 1 ? 1 : 0].raw), z.raw);
  __m512i b = a;
  if constexpr (NV > 2)
    b = _mm512_adds_epi16(_mm512_packs_epi32(x[2].raw, x[NV > 3 ? 3 : 2].raw), z.raw);
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
}

HWY_INLINE V8 narrow_ordered(const V32 (&x)[4], V16 z) {
  return V8{_mm512_permutexvar_epi32(
      _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15),
      narrow<4>(x, z).raw)};
}

/// AVX512_VBMI, which the CPU is asked for when it runs (AVX-512 VNNI came one generation before
/// it): two permutations of 128 bytes for the shuffles of 16 rows, a sixth of the time.
inline std::size_t permute_bytes(const std::uint8_t* table, const std::uint8_t* x, std::uint8_t* y,
                                 std::size_t n) {
  if (!kernels::has_byte_permutations()) return 0;
  const VU8 a = load(table), b = load(table + 64), c = load(table + 128), d = load(table + 192);
  for (std::size_t i = 0; i < n; i += 64) {
    const __mmask64 some = first_bytes(n - i < 64 ? n - i : 64);
    const __m512i codes = _mm512_maskz_loadu_epi8(some, x + i);
    __m512i low = codes, high = codes;
    __asm__("vpermi2b %2, %1, %0" : "+v"(low) : "v"(a.raw), "v"(b.raw));
    __asm__("vpermi2b %2, %1, %0" : "+v"(high) : "v"(c.raw), "v"(d.raw));
    _mm512_mask_storeu_epi8(y + i, some,
                            _mm512_mask_blend_epi8(_mm512_movepi8_mask(codes), low, high));
  }
  return n;
}

HWY_INLINE V32 gather_pairs(const std::int16_t* table, V32 i) {
  return V32{_mm512_i32gather_epi32(i.raw, table, 2)};
}

HWY_INLINE V32 round_even(VF v) { return V32{_mm512_cvtps_epi32(v.raw)}; }
HWY_INLINE VF rounded(VF v) {
  __asm__("" : "+v"(v.raw));
  return v;
}
HWY_INLINE VF64 rounded(VF64 v) {
  __asm__("" : "+v"(v.raw));
  return v;
}
/// Of side_by_side<float, 8>.
HWY_INLINE hn::Vec<hn::Half<DF>> rounded(hn::Vec<hn::Half<DF>> v) {
  __asm__("" : "+v"(v.raw));
  return v;
}
/// Of four floats side by side (recurrent layers).
HWY_INLINE hn::Vec<hn::CappedTag<float, 4>> rounded(hn::Vec<hn::CappedTag<float, 4>> v) {
  __asm__("" : "+v"(v.raw));
  return v;
}
HWY_INLINE VF divide(VF a, VF b) {
  __asm__("vdivps %1, %0, %0" : "+v"(a.raw) : "v"(b.raw));
  return a;
}
HWY_INLINE VF64 divide(VF64 a, VF64 b) {
  __asm__("vdivpd %1, %0, %0" : "+v"(a.raw) : "v"(b.raw));
  return a;
}
HWY_INLINE VF lesser(VF a, VF b) {
  __asm__("vminps %1, %0, %0" : "+v"(a.raw) : "v"(b.raw));
  return a;
}
HWY_INLINE VF greater(VF a, VF b) {
  __asm__("vmaxps %1, %0, %0" : "+v"(a.raw) : "v"(b.raw));
  return a;
}

/// Quarters of a or b: 2 * q and 2 * q + 1 of 64 bits, those of b from 8 on.
HWY_INLINE __m512i quarters(__m512i a, __m512i b, int p, int q, int r, int s) {
  const __m512i at =
      _mm512_setr_epi64(2 * p, 2 * p + 1, 2 * q, 2 * q + 1, 2 * r, 2 * r + 1, 2 * s, 2 * s + 1);
  return _mm512_permutex2var_epi64(a, at, b);
}
/// Four blocks a vector: block k of the row is block k / NV of vector k % NV.
template <int NV> HWY_INLINE void in_channel_order(const V32 (&x)[NV], V32 (&y)[NV]) {
  if constexpr (NV == 1) {
    y[0] = x[0];
  } else if constexpr (NV == 2) {
    y[0] = V32{quarters(x[0].raw, x[1].raw, 0, 4, 1, 5)};
    y[1] = V32{quarters(x[0].raw, x[1].raw, 2, 6, 3, 7)};
  } else if constexpr (NV == 3) {
    y[0] = V32{quarters(quarters(x[0].raw, x[1].raw, 0, 4, 0, 1), x[2].raw, 0, 1, 4, 3)};
    y[1] = V32{quarters(quarters(x[1].raw, x[0].raw, 1, 0, 6, 2), x[2].raw, 0, 5, 2, 3)};
    y[2] = V32{quarters(quarters(x[2].raw, x[0].raw, 2, 7, 0, 3), x[1].raw, 0, 1, 7, 3)};
  } else {
    const __m512i a = _mm512_shuffle_i32x4(x[0].raw, x[1].raw, 0x44),
                  b = _mm512_shuffle_i32x4(x[2].raw, x[3].raw, 0x44),
                  c = _mm512_shuffle_i32x4(x[0].raw, x[1].raw, 0xEE),
                  d = _mm512_shuffle_i32x4(x[2].raw, x[3].raw, 0xEE);
    y[0] = V32{_mm512_shuffle_i32x4(a, b, 0x88)};
    y[1] = V32{_mm512_shuffle_i32x4(a, b, 0xDD)};
    y[2] = V32{_mm512_shuffle_i32x4(c, d, 0x88)};
    y[3] = V32{_mm512_shuffle_i32x4(c, d, 0xDD)};
  }
}
HWY_INLINE V32 high_halves(vec<std::uint64_t> even, vec<std::uint64_t> odd) {
  return V32{
      _mm512_mask_shuffle_epi32(odd.raw, 0x5555, even.raw, static_cast<_MM_PERM_ENUM>(0xF5))};
}

}  // namespace simd
}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
