// The primitives of SSE4: 128-bit vectors. Part of a pass: see pass-inl.hpp; what each primitive
// does: generic-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {
namespace simd {

inline constexpr int registers = 16;
inline constexpr std::uint8_t quads = 0;
using generic::gather_pairs;
using generic::high_halves;
using generic::in_channel_order;
using generic::load_bytes;
using generic::permute_bytes;

template <int N> HWY_INLINE void store_bytes(V8 v, std::byte* to, int n) {
  if (N == 8 && n == N)
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), v.raw);
  else
    generic::store_bytes<N>(v, to, n);
}

HWY_INLINE V32 dot_pairs(V32 acc, V32 a, V16 w) {
  return hn::Add(acc, V32{_mm_madd_epi16(a.raw, w.raw)});
}
HWY_INLINE V32 dot_pairs_each(V32 acc, V16 a, V16 w) {
  return hn::Add(acc, V32{_mm_madd_epi16(a.raw, w.raw)});
}
HWY_INLINE V32 dot_quads(V32 acc, V32 a, V8 w) {
  const generic::quad_halves q(a, w);
  return dot_pairs_each(dot_pairs_each(acc, q.even_a, q.even_w), q.odd_a, q.odd_w);
}

template <int NV> HWY_INLINE V8 narrow(const V32 (&x)[NV], V16 z) {
  const __m128i a = _mm_adds_epi16(_mm_packs_epi32(x[0].raw, x[NV > 1 ? 1 : 0].raw), z.raw);
  __m128i b = a;
  if constexpr (NV > 2) b = _mm_adds_epi16(_mm_packs_epi32(x[2].raw, x[NV > 3 ? 3 : 2].raw), z.raw);
  return V8{_mm_packs_epi16(a, b)};
}
HWY_INLINE V8 narrow_ordered(const V32 (&x)[4], V16 z) { return narrow<4>(x, z); }

HWY_INLINE V32 round_even(VF v) { return V32{_mm_cvtps_epi32(v.raw)}; }
HWY_INLINE VF rounded(VF v) {
  __asm__("" : "+x"(v.raw));
  return v;
}
HWY_INLINE VF64 rounded(VF64 v) {
  __asm__("" : "+x"(v.raw));
  return v;
}
HWY_INLINE VF divide(VF a, VF b) {
  __asm__("divps %1, %0" : "+x"(a.raw) : "x"(b.raw));
  return a;
}
HWY_INLINE VF64 divide(VF64 a, VF64 b) {
  __asm__("divpd %1, %0" : "+x"(a.raw) : "x"(b.raw));
  return a;
}
HWY_INLINE VF lesser(VF a, VF b) {
  __asm__("minps %1, %0" : "+x"(a.raw) : "x"(b.raw));
  return a;
}
HWY_INLINE VF greater(VF a, VF b) {
  __asm__("maxps %1, %0" : "+x"(a.raw) : "x"(b.raw));
  return a;
}

}  // namespace simd
}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
