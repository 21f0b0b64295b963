// The primitives that differ between instruction families, in Highway's portable operations: what a
// new family starts from, what a family takes where its own instructions do no better, and what the
// test-only target EMU128 runs on any CPU. Part of a pass: see pass-inl.hpp.
//
// A family is a file that puts these names into namespace simd:
//
//   registers          vectors that the register file holds: 16 or 32
//   split_pairs        where store_pairs puts the two int16 of a lane: side by side (false), or
//                      lanes32 elements apart (true)
//   native_doubling_high            doubling_high is one instruction
//   load_bytes, store_bytes         the first n bytes of a vector
//   dot_pairs, dot_pairs_each, store_pairs      products of int16, two a lane
//   quads              kernels::target_layout::quad: which bytes dot_quads takes, 0 where kernels
//                      do better without it
//   dot_quads          products of bytes, four a lane
//   narrow             int32 to int8 in channel order
//   narrow_ordered     the same of four vectors one behind the other
//   in_channel_order   the registers of a panel's row (channel_in_panel)
//   round_even, rounded, divide, lesser, greater     float operations that no compiler flag may
//                      change; rounded also of half a vector where that has 8 floats
//                      (side_by_side, sums-inl.hpp), and of four floats
//   to_floats          two halves of binary64 to one vector of binary32
//   doubling_high, high_halves      high parts of products
//   look_up            a table of 256 bytes
//   permute_bytes      the same of many bytes by what only some CPUs of the target have
//   gather_pairs       neighbouring int16 elements of a table
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {
namespace simd::generic {

inline constexpr int registers = 16;
inline constexpr bool split_pairs = false;
inline constexpr bool native_doubling_high = false;
inline constexpr std::uint8_t quads = 0;

/// n <= vector_bytes bytes; the rest of the vector is unspecified. Reads nothing else.
HWY_INLINE VU8 load_bytes(const std::byte* x, std::size_t n) {
  if (n >= vector_bytes) return load8(x);
  return load_some(reinterpret_cast<const std::uint8_t*>(x), n);
}
/// The first n <= N <= vector_bytes bytes of v and nothing else; n is N more often than not.
template <int N> HWY_INLINE void store_bytes(V8 v, std::byte* to, int n) {
  if (n == N && N == vector_bytes) {
    store(v, reinterpret_cast<std::int8_t*>(to));
    return;
  }
  alignas(vector_bytes) std::int8_t whole[lanes8];
  hn::Store(v, D8(), whole);
  if (n == N)
    std::memcpy(to, whole, N);
  else
    std::memcpy(to, whole, static_cast<std::size_t>(n));
}

// ---- dot products: acc.lane[i] += the sum over j of a[i][j] * w[i][j], exact modulo 2^32 ----

/// int16 pairs, both operands in store_pairs' order.
HWY_INLINE V32 dot_pairs_each(V32 acc, V16 a, V16 w) {
  const V32 a32 = hn::BitCast(D32(), a), w32 = hn::BitCast(D32(), w);
  const V32 first = hn::Mul(hn::ShiftRight<16>(hn::ShiftLeft<16>(a32)),
                            hn::ShiftRight<16>(hn::ShiftLeft<16>(w32)));
  return hn::Add(acc, hn::Add(first, hn::Mul(hn::ShiftRight<16>(a32), hn::ShiftRight<16>(w32))));
}
/// The same where every lane of a holds one pair side by side (broadcast4).
HWY_INLINE V32 dot_pairs(V32 acc, V32 a, V16 w) {
  return dot_pairs_each(acc, hn::BitCast(D16(), a), w);
}
/// Elements a[i], b[i] of each i as a pair: two vectors to aligned memory. Lanes keep their 128-bit
/// block: channel_in_panel's order for panels of two vectors.
HWY_INLINE void store_pairs(V16 a, V16 b, std::byte* to) {
  auto* q = reinterpret_cast<std::int16_t*>(to);
  hn::Store(hn::InterleaveLower(D16(), a, b), D16(), q);
  hn::Store(hn::InterleaveUpper(D16(), a, b), D16(), q + lanes16);
}
/// Bytes a (unsigned) and w (signed), four a lane, as int16: dot_pairs_each of both halves is what
/// vpdpbusd computes, without its saturating sibling's loss.
struct quad_halves {
  V16 even_a, even_w, odd_a, odd_w;
  HWY_INLINE quad_halves(V32 a, V8 w) {
    const hn::RebindToUnsigned<D16> u16;
    const auto a16 = hn::BitCast(D16(), a), w16 = hn::BitCast(D16(), w);
    even_a = hn::And(a16, hn::Set(D16(), 0xFF));
    even_w = hn::ShiftRight<8>(hn::ShiftLeft<8>(w16));
    odd_a = hn::BitCast(D16(), hn::ShiftRight<8>(hn::BitCast(u16, a16)));
    odd_w = hn::ShiftRight<8>(w16);
  }
};
HWY_INLINE V32 dot_quads(V32 acc, V32 a, V8 w) {
  const quad_halves q(a, w);
  return dot_pairs_each(dot_pairs_each(acc, q.even_a, q.even_w), q.odd_a, q.odd_w);
}

// ---- narrowing ----

/// NV vectors of a panel, saturated to int16, plus z (saturating), saturated to int8: NV * lanes32
/// values in channel order (channel_in_panel) at the start of the vector.
template <int NV> HWY_INLINE V8 narrow(const V32 (&x)[NV], V16 z) {
  const hn::Half<D16> half;
  const per32<std::int8_t> quarter;
  const auto z_half = hn::LowerHalf(half, z);
  alignas(vector_bytes) std::int8_t each[lanes32], whole[lanes8] = {};
  for (int v = 0; v < NV; ++v) {
    const auto sum = hn::SaturatedAdd(hn::DemoteTo(half, x[v]), z_half);
    hn::StoreU(hn::DemoteTo(quarter, sum), quarter, each);
    for (int block = 0; block < lanes32 / 4; ++block)
      std::memcpy(whole + (block * NV + v) * 4, each + block * 4, 4);
  }
  return hn::Load(D8(), whole);
}
/// The same of four vectors whose values stand one behind the other, and stay so.
HWY_INLINE V8 narrow_ordered(const V32 (&x)[4], V16 z) {
  alignas(vector_bytes) std::int8_t codes[lanes8], whole[lanes8];
  hn::Store(narrow<4>(x, z), D8(), codes);
  for (int block = 0; block < lanes32 / 4; ++block)
    for (int v = 0; v < 4; ++v)
      std::memcpy(whole + v * lanes32 + block * 4, codes + (block * 4 + v) * 4, 4);
  return hn::Load(D8(), whole);
}

// ---- float ----

/// A float vector that was rounded to binary32: keeps the compiler from fusing the product into a
/// sum.
HWY_INLINE VF rounded(VF v) {
  __asm__("" : "+m"(v));
  return v;
}
HWY_INLINE VF64 rounded(VF64 v) {
  __asm__("" : "+m"(v));
  return v;
}
/// To nearest, ties to even, for v < 2^31; INT32_MIN for v < -2^31. Not Highway's NearestInt: its
/// emulation (1.0.3) gives 1 for the float below a half.
HWY_INLINE V32 round_even(VF v) {
  const VF whole = hn::Trunc(v), rest = hn::Sub(hn::Abs(v), hn::Abs(whole));
  const V32 toward_zero = hn::ConvertTo(D32(), whole);
  const VF half = set_float(0.5f), odd = hn::ConvertTo(DF(), hn::And(toward_zero, set32(1)));
  const auto away =
      hn::Or(hn::Gt(rest, half), hn::And(hn::Eq(rest, half), hn::Gt(odd, hn::Zero(DF()))));
  const VF step = hn::IfThenElseZero(away, hn::CopySign(set_float(1.f), v));
  return hn::Add(toward_zero, hn::ConvertTo(D32(), step));
}
/// a / b with one rounding. -ffast-math turns a division, the intrinsic too, into a reciprocal and
/// a product; numerics::div is safe from that.
HWY_INLINE VF divide(VF a, VF b) {
  alignas(vector_bytes) float x[lanes32], y[lanes32];
  hn::Store(a, DF(), x);
  hn::Store(b, DF(), y);
  for (int i = 0; i < lanes32; ++i) x[i] = numerics::div(x[i], y[i]);
  return hn::Load(DF(), x);
}
HWY_INLINE VF64 divide(VF64 a, VF64 b) {
  alignas(vector_bytes) double x[lanes<double>], y[lanes<double>];
  hn::Store(a, DF64(), x);
  hn::Store(b, DF64(), y);
  for (int i = 0; i < lanes<double>; ++i) x[i] = numerics::div(x[i], y[i]);
  return hn::Load(DF64(), x);
}

/// a < b ? a : b, so b where either is NaN. Chosen as integers: -ffast-math makes a minimum of a
/// choice of floats, of which either zero may be the lesser.
HWY_INLINE VF lesser(VF a, VF b) {
  return hn::BitCast(DF(), hn::IfThenElse(hn::RebindMask(D32(), hn::Lt(a, b)),
                                          hn::BitCast(D32(), a), hn::BitCast(D32(), b)));
}
/// a > b ? a : b, likewise.
HWY_INLINE VF greater(VF a, VF b) {
  return hn::BitCast(DF(), hn::IfThenElse(hn::RebindMask(D32(), hn::Gt(a, b)),
                                          hn::BitCast(D32(), a), hn::BitCast(D32(), b)));
}

/// y: lane l of vector v the value of channel v * lanes32 + l, which x has by blocks of 128 bits.
template <int NV> HWY_INLINE void in_channel_order(const V32 (&x)[NV], V32 (&y)[NV]) {
  alignas(vector_bytes) std::int32_t packed[NV * lanes32], whole[NV * lanes32];
  for (int v = 0; v < NV; ++v) hn::Store(x[v], D32(), packed + v * lanes32);
  for (int block = 0; block < lanes32 / 4; ++block)
    for (int v = 0; v < NV; ++v)
      std::memcpy(whole + (block * NV + v) * 4, packed + v * lanes32 + block * 4, 16);
  for (int v = 0; v < NV; ++v) y[v] = hn::Load(D32(), whole + v * lanes32);
}

/// Each rounded once; what is beyond binary32 becomes an infinity. Not Highway's DemoteTo: its
/// emulation (1.0.3) gives the largest number for those, and for infinities.
HWY_INLINE VF to_floats(VF64 low, VF64 high) {
  constexpr int half = lanes32 / 2;
  alignas(vector_bytes) double x[lanes32];
  alignas(vector_bytes) float y[lanes32];
  hn::Store(low, DF64(), x);
  hn::Store(high, DF64(), x + half);
  for (int i = 0; i < lanes32; ++i) y[i] = static_cast<float>(x[i]);
  return hn::Load(DF(), y);
}

// ---- products of 32 bits ----

/// floor((x * m + 2^30) / 2^31), not both INT32_MIN: saturating rounding doubling high multiply.
HWY_INLINE V32 doubling_high(V32 x, V32 m) {
  const tag<std::uint64_t> u64;
  const tag<std::int64_t> d64;
  const auto nudge = hn::Set(d64, std::int64_t{1} << 30);
  const auto odd_x = hn::BitCast(D32(), hn::ShiftRight<32>(hn::BitCast(u64, x))),
             odd_m = hn::BitCast(D32(), hn::ShiftRight<32>(hn::BitCast(u64, m)));
  const auto even = hn::Add(hn::MulEven(x, m), nudge),
             odd = hn::Add(hn::MulEven(odd_x, odd_m), nudge);
  return hn::OddEven(hn::BitCast(D32(), hn::Add(odd, odd)),
                     hn::BitCast(D32(), hn::ShiftRight<31>(hn::BitCast(u64, even))));
}
/// The high halves of 64-bit products: of `even` in even lanes, of `odd` in odd ones.
HWY_INLINE V32 high_halves(vec<std::uint64_t> even, vec<std::uint64_t> odd) {
  return hn::OddEven(hn::BitCast(D32(), odd), hn::BitCast(D32(), hn::ShiftRight<32>(even)));
}

// ---- tables ----

/// table[x] of each byte; 256 entries. A row of 16 is looked up where x's high half is the row's:
/// then x ^ (16 * row) is below 16, and adding 0x70 leaves a clear top bit; all others saturate to
/// a set top bit, for which the byte shuffle gives 0.
HWY_INLINE VU8 look_up(const std::uint8_t* table, VU8 x) {
  VU8 y = hn::Zero(DU8());
  const VU8 bias = set_bytes(0x70), index_bits = set_bytes(0x8F);
  for (int row = 0; row < 16; ++row) {
    const VU8 in_row = hn::Xor(x, set_bytes(static_cast<std::uint8_t>(16 * row)));
    const VU8 index = hn::And(hn::SaturatedAdd(in_row, bias), index_bits);
    y = hn::Or(y, hn::TableLookupBytesOr0(hn::LoadDup128(DU8(), table + 16 * row), index));
  }
  return y;
}

/// y[i] = table[x[i]] where the CPU has a permutation of more bytes than the target is made of: for
/// that many elements of n, here none.
HWY_INLINE std::size_t permute_bytes(const std::uint8_t*, const std::uint8_t*, std::uint8_t*,
                                     std::size_t) {
  return 0;
}

/// Elements i and i + 1 of a table of int16 in each lane, the first in the low half.
HWY_INLINE V32 gather_pairs(const std::int16_t* table, V32 i) {
  alignas(vector_bytes) std::int32_t at[lanes32], pair[lanes32];
  hn::Store(i, D32(), at);
  for (int l = 0; l < lanes32; ++l) std::memcpy(&pair[l], table + at[l], 4);
  return hn::Load(D32(), pair);
}

}  // namespace simd::generic
}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
