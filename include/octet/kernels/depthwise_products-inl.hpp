// What both depthwise kernels do with products: one per lane's own weights, and finishing pixels.
// Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

using kernels::column_span, kernels::finish_call;

HWY_INLINE kernels::packed_depthwise packed_header(const conv2d_params& p) noexcept {
  kernels::packed_depthwise h;
  std::memcpy(&h, p.packed, sizeof(h));
  return h;
}

struct pair_each_ops {
  static constexpr int vectors = 2;
  using W = V16;
  static HWY_INLINE W load(const std::byte* p) {
    return hn::Load(D16(), reinterpret_cast<const std::int16_t*>(p));
  }
  static HWY_INLINE V32 dot(V32 acc, W a, W w) { return simd::dot_pairs_each(acc, a, w); }
};
struct quad_each_ops {
  static constexpr int vectors = 4;
  using W = V8;
  static HWY_INLINE W load(const std::byte* p) {
    return hn::Load(D8(), reinterpret_cast<const std::int8_t*>(p));
  }
  static HWY_INLINE V32 dot(V32 acc, W a, W w) {
    return simd::dot_quads(acc, hn::BitCast(D32(), a), w);
  }
};

/// Accumulators of neighbouring pixels, finished together.
template <int NV> struct pending_pixels {
  static constexpr int most = 8;
  alignas(alignment) std::int32_t raw[most][NV * lanes32];
  int count = 0;
  std::byte* to = nullptr;  // of the first
  HWY_INLINE pending_pixels() {}
  HWY_INLINE void flush(const finish_call& t) {
    if (count != 0)
      finish_rows(*t.requant, t.kind, t.out_type, *t.scalars, t.arrays,
                  row_block{&raw[0][0], NV, count}, to, t.out_stride, t.channels);
    count = 0;
  }
  HWY_INLINE void add(const finish_call& t, const V32 (&acc)[NV], std::byte* at) {
    if (count == 0) to = at;
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) hn::Store(acc[v], D32(), &raw[count][v * lanes32]);
    if (++count == most) flush(t);
  }
};

/// Rounds a pixel's accumulators, of the kinds scaled, real and dr.
template <int NV, kernels::epilogue_kind E>
HWY_INLINE void round_pixel(const finish_call& t, const columns& c, const epilogue& e,
                            const requantize_dr* dr, V32 (&acc)[NV]) noexcept {
  if constexpr (E == kernels::epilogue_kind::dr) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) acc[v] = dr[v](acc[v]);
    // Kernels whose form for `scaled` is their own know (a twentieth of their time), others ask.
  } else if (E == kernels::epilogue_kind::scaled || t.kind == kernels::epilogue_kind::scaled) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v)
      acc[v] = requantize_scaled(acc[v], simd::load(c.scale() + v * lanes32));
  } else {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v)
      acc[v] = requantize_real(acc[v], simd::load(c.real_bias() + v * lanes32),
                               simd::load(c.bias_unit() + v * lanes32), e.scaled_bias,
                               simd::load(c.scale() + v * lanes32), e.highest);
  }
}
template <int NV, kernels::epilogue_kind E>
HWY_INLINE void finish_pixel(const finish_call& t, const columns& c, const epilogue& e,
                             const requantize_dr* dr, pending_pixels<NV>& pending, V32 (&acc)[NV],
                             std::byte* to) noexcept {
  if constexpr (E == kernels::epilogue_kind::any) {
    pending.add(t, acc, to);
  } else {
    OCTET_TARGET_NS::round_pixel<NV, E>(t, c, e, dr, acc);
    store_8bit<NV>(e, acc, to, t.channels.count);
  }
}

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
