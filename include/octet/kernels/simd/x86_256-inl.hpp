// The primitives of AVX2, without and with AVX-VNNI (OCTET_QUAD 4): 256-bit vectors. Part of a
// pass: see pass-inl.hpp; what each primitive does: generic-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {
namespace simd {

inline constexpr int registers = 16;
/// The test-only VNNI (OCTET_QUAD 2) runs the kernels of four bytes a lane on the products of
/// pairs.
inline constexpr std::uint8_t quads = OCTET_QUAD != 0 ? 1 : 0;
using generic::high_halves;
using generic::load_bytes;
using generic::permute_bytes;

template <int N> HWY_INLINE void store_bytes(V8 v, std::byte* to, int n) {
  if (N == 8 && n == N)
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm256_castsi256_si128(v.raw));
  else if (N == 16 && n == N)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_castsi256_si128(v.raw));
  else
    generic::store_bytes<N>(v, to, n);
}

#if OCTET_QUAD == 4
/// Not the intrinsics: the pass has AVX2's attributes, and assemblers give these names without the
/// prefix the encoding of AVX-512.
HWY_INLINE V32 dot_pairs(V32 acc, V32 a, V16 w) {
  __asm__("%{vex%} vpdpwssd %2, %1, %0" : "+x"(acc.raw) : "x"(a.raw), "x"(w.raw));
  return acc;
}
HWY_INLINE V32 dot_pairs_each(V32 acc, V16 a, V16 w) {
  return dot_pairs(acc, hn::BitCast(D32(), a), w);
}
HWY_INLINE V32 dot_quads(V32 acc, V32 a, V8 w) {
  __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(acc.raw) : "x"(a.raw), "x"(w.raw));
  return acc;
}
#else
HWY_INLINE V32 dot_pairs(V32 acc, V32 a, V16 w) {
  return hn::Add(acc, V32{_mm256_madd_epi16(a.raw, w.raw)});
}
HWY_INLINE V32 dot_pairs_each(V32 acc, V16 a, V16 w) {
  return hn::Add(acc, V32{_mm256_madd_epi16(a.raw, w.raw)});
}
HWY_INLINE V32 dot_quads(V32 acc, V32 a, V8 w) {
  const generic::quad_halves q(a, w);
  return dot_pairs_each(dot_pairs_each(acc, q.even_a, q.even_w), q.odd_a, q.odd_w);
}
#endif

/// The packs work inside blocks of 128 bits: one permutation of 32-bit lanes sorts them.
template <int NV> HWY_INLINE V8 narrow(const V32 (&x)[NV], V16 z) {
  const __m256i a = _mm256_adds_epi16(_mm256_packs_epi32(x[0].raw, x[NV > 1 ? 1 : 0].raw), z.raw);
  __m256i b = a;
  if constexpr (NV > 2)
    b = _mm256_adds_epi16(_mm256_packs_epi32(x[2].raw, x[NV > 3 ? 3 : 2].raw), z.raw);
  const __m256i q = _mm256_packs_epi16(a, b);
  if constexpr (NV == 4)
    return V8{q};
  else if constexpr (NV == 3)
    return V8{_mm256_permutevar8x32_epi32(q, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7))};
  else if constexpr (NV == 2)
    return V8{_mm256_permute4x64_epi64(q, 0xD8)};
  else
    return V8{_mm256_permutevar8x32_epi32(q, _mm256_setr_epi32(0, 4, 1, 2, 3, 5, 6, 7))};
}

HWY_INLINE V8 narrow_ordered(const V32 (&x)[4], V16 z) {
  return V8{
      _mm256_permutevar8x32_epi32(narrow<4>(x, z).raw, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7))};
}

HWY_INLINE V32 gather_pairs(const std::int16_t* table, V32 i) {
  return V32{_mm256_i32gather_epi32(reinterpret_cast<const int*>(table), i.raw, 2)};
}

HWY_INLINE V32 round_even(VF v) { return V32{_mm256_cvtps_epi32(v.raw)}; }
HWY_INLINE VF rounded(VF v) {
  __asm__("" : "+x"(v.raw));
  return v;
}
HWY_INLINE VF64 rounded(VF64 v) {
  __asm__("" : "+x"(v.raw));
  return v;
}
/// Of four floats side by side (recurrent layers).
HWY_INLINE hn::Vec<hn::CappedTag<float, 4>> rounded(hn::Vec<hn::CappedTag<float, 4>> v) {
  __asm__("" : "+x"(v.raw));
  return v;
}
HWY_INLINE VF divide(VF a, VF b) {
  __asm__("vdivps %1, %0, %0" : "+x"(a.raw) : "x"(b.raw));
  return a;
}
HWY_INLINE VF64 divide(VF64 a, VF64 b) {
  __asm__("vdivpd %1, %0, %0" : "+x"(a.raw) : "x"(b.raw));
  return a;
}
HWY_INLINE VF lesser(VF a, VF b) {
  __asm__("vminps %1, %0, %0" : "+x"(a.raw) : "x"(b.raw));
  return a;
}
HWY_INLINE VF greater(VF a, VF b) {
  __asm__("vmaxps %1, %0, %0" : "+x"(a.raw) : "x"(b.raw));
  return a;
}

/// Two blocks a vector: block k of the row is block k / NV of vector k % NV.
template <int NV> HWY_INLINE void in_channel_order(const V32 (&x)[NV], V32 (&y)[NV]) {
  if constexpr (NV == 1) {
    y[0] = x[0];
  } else if constexpr (NV == 2) {
    y[0] = V32{_mm256_permute2x128_si256(x[0].raw, x[1].raw, 0x20)};
    y[1] = V32{_mm256_permute2x128_si256(x[0].raw, x[1].raw, 0x31)};
  } else if constexpr (NV == 3) {
    y[0] = V32{_mm256_permute2x128_si256(x[0].raw, x[1].raw, 0x20)};
    y[1] = V32{_mm256_permute2x128_si256(x[2].raw, x[0].raw, 0x30)};
    y[2] = V32{_mm256_permute2x128_si256(x[1].raw, x[2].raw, 0x31)};
  } else {
    y[0] = V32{_mm256_permute2x128_si256(x[0].raw, x[1].raw, 0x20)};
    y[1] = V32{_mm256_permute2x128_si256(x[2].raw, x[3].raw, 0x20)};
    y[2] = V32{_mm256_permute2x128_si256(x[0].raw, x[1].raw, 0x31)};
    y[3] = V32{_mm256_permute2x128_si256(x[2].raw, x[3].raw, 0x31)};
  }
}

}  // namespace simd
}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
