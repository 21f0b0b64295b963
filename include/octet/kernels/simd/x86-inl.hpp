// What the vectors of x86 share, whatever their width. Part of a pass: see pass-inl.hpp; what each
// primitive does: generic-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {
namespace simd {

using generic::doubling_high;
using generic::native_doubling_high;
using generic::split_pairs;
using generic::store_pairs;

/// As generic::look_up, but the byte shuffle takes the low four bits of an index by itself.
HWY_INLINE VU8 look_up(const std::uint8_t* table, VU8 x) {
  VU8 y = hn::Zero(DU8());
  const VU8 bias = set_bytes(0x70);
  HWY_UNROLL(16)
  for (int row = 0; row < 16; ++row) {
    const VU8 in_row = hn::Xor(x, set_bytes(static_cast<std::uint8_t>(16 * row)));
    const VU8 index = hn::SaturatedAdd(in_row, bias);
    y = hn::Or(y, hn::TableLookupBytesOr0(hn::LoadDup128(DU8(), table + 16 * row), index));
  }
  return y;
}

HWY_INLINE VF to_floats(VF64 low, VF64 high) {
  const hn::Half<DF> half;
  return hn::Combine(DF(), hn::DemoteTo(half, high), hn::DemoteTo(half, low));
}

}  // namespace simd
}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
