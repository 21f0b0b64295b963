// Rows of a panel to memory, in channel order (channel_in_panel). Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {
namespace simd {

/// The first n <= NV * lanes32 values of NV vectors that lie in channel order; int32. Writes
/// nothing else.
template <int NV> HWY_INLINE void store_ordered(const V32 (&x)[NV], std::byte* to, int n) {
  auto* const ints = reinterpret_cast<std::int32_t*>(to);
  if (n == NV * lanes32) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) hn::StoreU(x[v], D32(), ints + v * lanes32);
    return;
  }
  HWY_UNROLL(4)
  for (int v = 0; v < NV; ++v) {
    const int left = n - v * lanes32;
    if (left >= lanes32)
      hn::StoreU(x[v], D32(), ints + v * lanes32);
    else if (left > 0)
      store_some(x[v], ints + v * lanes32, static_cast<std::size_t>(left));
  }
}
/// The same of a panel's row.
template <int NV> HWY_INLINE void store_ints(const V32 (&x)[NV], std::byte* to, int n) {
  V32 y[NV];
  in_channel_order<NV>(x, y);
  store_ordered<NV>(y, to, n);
}
/// The same, saturated to int16.
template <int NV> HWY_INLINE void store_words(const V32 (&x)[NV], std::byte* to, int n) {
  constexpr int count = NV * lanes32;
  alignas(vector_bytes) std::int16_t whole[count];
  auto* const target = n == count ? reinterpret_cast<std::int16_t*>(to) : whole;
  if constexpr (NV == 1) {
    const per32<std::int16_t> half;
    hn::StoreU(hn::DemoteTo(half, x[0]), half, target);
  } else if constexpr (NV == 2) {  // demoting keeps blocks of 128 bits
    hn::StoreU(hn::ReorderDemote2To(D16(), x[0], x[1]), D16(), target);
  } else {
    alignas(vector_bytes) std::int16_t first[lanes16], second[lanes16];
    hn::Store(hn::ReorderDemote2To(D16(), x[0], x[1]), D16(), first);
    hn::Store(hn::ReorderDemote2To(D16(), x[2], x[NV - 1]), D16(), second);
    for (int block = 0; block < lanes32 / 4; ++block) {
      std::memcpy(target + block * NV * 4, first + block * 8, 16);
      std::memcpy(target + block * NV * 4 + 8, second + block * 8, (NV - 2) * 8);
    }
  }
  if (n != count) std::memcpy(to, whole, static_cast<std::size_t>(n) * 2);
}

}  // namespace simd
}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
