// The primitives of Arm's NEON, without and with dotprod (OCTET_QUAD 3): 128-bit vectors. Part of a
// pass: see pass-inl.hpp; what each primitive does: generic-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {
namespace simd {

inline constexpr int registers = 32;
inline constexpr bool split_pairs = true;  // vmlal takes halves of vectors
inline constexpr bool native_doubling_high = true;
inline constexpr std::uint8_t quads = OCTET_QUAD == 3 ? 2 : 0;
using generic::gather_pairs;
using generic::greater;
using generic::high_halves;
using generic::in_channel_order;
using generic::lesser;
using generic::load_bytes;
using generic::permute_bytes;
using generic::store_bytes;

HWY_INLINE V32 dot_pairs(V32 acc, V32 a, V16 w) {
  const int16x8_t pair = vreinterpretq_s16_s32(a.raw);  // a0 a1 a0 a1 ...
  return V32(vmlal_lane_s16(vmlal_lane_s16(acc.raw, vget_low_s16(w.raw), vget_low_s16(pair), 0),
                            vget_high_s16(w.raw), vget_low_s16(pair), 1));
}
HWY_INLINE V32 dot_pairs_each(V32 acc, V16 a, V16 w) {
  return V32(vmlal_s16(vmlal_s16(acc.raw, vget_low_s16(a.raw), vget_low_s16(w.raw)),
                       vget_high_s16(a.raw), vget_high_s16(w.raw)));
}
HWY_INLINE void store_pairs(V16 a, V16 b, std::byte* to) {
  auto* q = reinterpret_cast<std::int16_t*>(to);
  hn::Store(hn::ConcatLowerLower(D16(), b, a), D16(), q);
  hn::Store(hn::ConcatUpperUpper(D16(), b, a), D16(), q + lanes16);
}
#if OCTET_QUAD == 3
HWY_INLINE V32 dot_quads(V32 acc, V32 a, V8 w) {
  return V32(vdotq_s32(acc.raw, vreinterpretq_s8_s32(a.raw), w.raw));
}
#else
using generic::dot_quads;
#endif

template <int NV> HWY_INLINE V8 narrow(const V32 (&x)[NV], V16 z) {
  const int16x8_t a =
      vqaddq_s16(vcombine_s16(vqmovn_s32(x[0].raw), vqmovn_s32(x[NV > 1 ? 1 : 0].raw)), z.raw);
  int16x8_t b = a;
  if constexpr (NV > 2)
    b = vqaddq_s16(vcombine_s16(vqmovn_s32(x[2].raw), vqmovn_s32(x[NV > 3 ? 3 : 2].raw)), z.raw);
  return V8(vcombine_s8(vqmovn_s16(a), vqmovn_s16(b)));
}
HWY_INLINE V8 narrow_ordered(const V32 (&x)[4], V16 z) { return narrow<4>(x, z); }

HWY_INLINE V32 round_even(VF v) { return V32(vcvtnq_s32_f32(v.raw)); }
HWY_INLINE VF rounded(VF v) {
  __asm__("" : "+w"(v.raw));
  return v;
}
HWY_INLINE VF64 rounded(VF64 v) {
  __asm__("" : "+w"(v.raw));
  return v;
}
HWY_INLINE VF divide(VF a, VF b) {
  __asm__("fdiv %0.4s, %0.4s, %1.4s" : "+w"(a.raw) : "w"(b.raw));
  return a;
}
HWY_INLINE VF64 divide(VF64 a, VF64 b) {
  __asm__("fdiv %0.2d, %0.2d, %1.2d" : "+w"(a.raw) : "w"(b.raw));
  return a;
}

/// vqrdmulhq_s32 saturates its sum only where the product's does: (2*x*m + 2^31) >> 32 in exact
/// arithmetic, the same floor.
HWY_INLINE V32 doubling_high(V32 x, V32 m) { return V32(vqrdmulhq_s32(x.raw, m.raw)); }

HWY_INLINE VU8 look_up(const std::uint8_t* table, VU8 x) {
  uint8x16_t y = vdupq_n_u8(0), at = x.raw;
  for (int row = 0; row < 4; ++row) {
    uint8x16x4_t t;
    for (int i = 0; i < 4; ++i) t.val[i] = vld1q_u8(table + 64 * row + 16 * i);
    y = vorrq_u8(y, vqtbl4q_u8(t, at));
    at = vsubq_u8(at, vdupq_n_u8(64));
  }
  return VU8(y);
}

HWY_INLINE VF to_floats(VF64 low, VF64 high) {
  const hn::Half<DF> half;
  return hn::Combine(DF(), hn::DemoteTo(half, high), hn::DemoteTo(half, low));
}

}  // namespace simd
}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
