// octet 0.1.0, single header. Made by single_include/amalgamate.py from include/octet; do not edit.
// Needs the headers of Highway and Boost.Hana. Any number of files may include it. OCTET_EXTERN: declarations only; then one file defines
// OCTET_EXTERN and OCTET_IMPLEMENTATION before the include. A file that uses hwy/foreach_target.h itself needs OCTET_EXTERN.
// SPDX-License-Identifier: Apache-2.0
#if defined(OCTET_KERNEL_PASS)
#define OCTET_SINGLE_PASS_SEEN
// One pass: every SIMD kernel for the target that HWY_TARGET names. Included by targets.hpp only,
// several times. OCTET_PASS_QUAD: a pseudo target on the same Highway ops with four-way dot
// products of bytes: 1 AVX512-VNNI, 2 the same emulated on AVX2 (tests), 3 Arm dotprod.
// OCTET_PASS_NONE: no kernels, Highway's macros alone. OCTET_TEST_PASS: a file with tests of the
// pass.
#if defined(OCTET_KERNEL_PASS)

// A pseudo target's pass follows that of the same HWY_TARGET, whose ops are there already.
#if !defined(OCTET_PASS_QUAD)
// ---- octet/kernels/simd/highway-inl.hpp
// Shows Highway's macros and ops of HWY_TARGET. Highway's own way to several targets in one file is
// hwy/foreach_target.h, which works once per file and for the file that it re-includes: it belongs
// to the program's own file. So its steps are taken here: the guards of highway.h and of
// set_macros-inl.h open when HWY_TARGET_TOGGLE (HWY_SET_MACROS_PER_TARGET) changes. This file alone
// knows that. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

#if HWY_TARGET == HWY_STATIC_TARGET
// Its ops exist since the file's first highway.h: only the macros are set again.
#if defined(HWY_SET_MACROS_PER_TARGET)
#undef HWY_SET_MACROS_PER_TARGET
#else
#define HWY_SET_MACROS_PER_TARGET
#endif
#include <hwy/ops/set_macros-inl.h>
#else
#if defined(HWY_TARGET_TOGGLE)
#undef HWY_TARGET_TOGGLE
#else
#define HWY_TARGET_TOGGLE
#endif
#include <hwy/highway.h>
#endif

#endif  // OCTET_KERNEL_PASS
#endif
#if !defined(OCTET_PASS_NONE)

#if defined(OCTET_PASS_QUAD)
#define OCTET_QUAD OCTET_PASS_QUAD
#else
#define OCTET_QUAD 0
#endif

#if OCTET_QUAD == 1
#define OCTET_TARGET_NS simd_avx3_vnni
#define OCTET_BASE_NS simd_avx3
#elif OCTET_QUAD == 2
#define OCTET_TARGET_NS simd_avx2_vnni_emulated
#define OCTET_BASE_NS simd_avx2
#elif OCTET_QUAD == 3
#define OCTET_TARGET_NS simd_neon_dotprod
#define OCTET_BASE_NS simd_neon
#elif HWY_TARGET == HWY_EMU128
#define OCTET_TARGET_NS simd_emu128
#elif HWY_TARGET == HWY_SSE4
#define OCTET_TARGET_NS simd_sse4
#elif HWY_TARGET == HWY_AVX2
#define OCTET_TARGET_NS simd_avx2
#elif HWY_TARGET == HWY_NEON
#define OCTET_TARGET_NS simd_neon
#else
#define OCTET_TARGET_NS simd_avx3
#endif

#if OCTET_QUAD == 1
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avx512vnni")
#elif OCTET_QUAD == 3
#if HWY_COMPILER_GCC_ACTUAL
HWY_PUSH_ATTRIBUTES("arch=armv8.2-a+crypto+dotprod")
#endif
#else
HWY_BEFORE_NAMESPACE();
#endif

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {
/// The kernel of an operator is a specialisation; a template, so that only kernels that are named
/// are instantiated. Where there is none: the reference, or what a pseudo target stands on.
template <kernel_id Id, class = void> struct kernel {
#if defined(OCTET_BASE_NS)
  static constexpr const kernel_entry* entry = OCTET_BASE_NS::kernel<Id>::entry;
#else
  static constexpr const kernel_entry* entry = nullptr;
#endif
};
}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

// In order of use; none includes anything.
// clang-format off
// ---- octet/kernels/simd/simd-inl.hpp
// Chooses the instruction family of the pass, and says how it lays packed data out. The kernels see
// this file's names only: no lane count, register width or instruction of one family occurs in
// them. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

// clang-format off
// ---- octet/kernels/simd/vectors-inl.hpp
// The vectors of a pass: types, tags, lane counts, loads and stores of every element type, sums and
// extremes over lanes. Written in Highway's portable operations, so every family has the same ones;
// what differs between instruction families is in the family's own file (simd-inl.hpp says which).
// Part of a pass: see pass-inl.hpp. No lambdas here and in the other -inl files: g++ 12
// instantiates a lambda inside a template without the target's attributes.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

namespace hn = hwy::HWY_NAMESPACE;

namespace simd {

inline constexpr int vector_bytes = HWY_MAX_BYTES;
/// Elements of 4, 2 and 1 bytes in a vector.
inline constexpr int lanes32 = vector_bytes / 4, lanes16 = vector_bytes / 2, lanes8 = vector_bytes;
template <class T> inline constexpr int lanes = vector_bytes / static_cast<int>(sizeof(T));
/// A fused multiply-add is one rounding and one instruction.
inline constexpr bool native_fma = HWY_NATIVE_FMA != 0;

template <class T> using tag = hn::ScalableTag<T>;
template <class T> using vec = hn::Vec<tag<T>>;
using D32 = tag<std::int32_t>;
using D16 = tag<std::int16_t>;
using D8 = tag<std::int8_t>;
using DU8 = tag<std::uint8_t>;
using DF = tag<float>;
using DF64 = tag<double>;
using V32 = hn::Vec<D32>;
using V16 = hn::Vec<D16>;
using V8 = hn::Vec<D8>;
using VU8 = hn::Vec<DU8>;
using VF = hn::Vec<DF>;
using VF64 = hn::Vec<DF64>;
/// As many elements of T as a vector has of the tag's type.
template <class T> using per32 = hn::Rebind<T, D32>;
template <class T> using per16 = hn::Rebind<T, D16>;
template <class T> using per64 = hn::Rebind<T, DF64>;

HWY_INLINE V32 zero32() { return hn::Zero(D32()); }
HWY_INLINE V32 set32(std::int32_t v) { return hn::Set(D32(), v); }
HWY_INLINE VF set_float(float v) { return hn::Set(DF(), v); }
/// The byte everywhere.
HWY_INLINE VU8 set_bytes(std::uint8_t v) { return hn::Set(DU8(), v); }
/// The four bytes at p in every lane of 32 bits.
HWY_INLINE V32 broadcast4(const std::byte* p) {
  std::int32_t v;
  std::memcpy(&v, p, 4);
  return set32(v);
}

// ---- whole vectors ----

template <class T> HWY_INLINE vec<T> load(const T* p) { return hn::LoadU(tag<T>(), p); }
HWY_INLINE VU8 load8(const std::byte* p) { return load(reinterpret_cast<const std::uint8_t*>(p)); }
template <class T> HWY_INLINE void store(vec<T> v, T* p) { hn::StoreU(v, tag<T>(), p); }
HWY_INLINE void store8(VU8 v, std::byte* p) { store(v, reinterpret_cast<std::uint8_t*>(p)); }

// ---- parts of vectors: nothing else is read or written ----

/// The first n <= lanes<T> elements; the others are 0.
template <class T> HWY_INLINE vec<T> load_some(const T* p, std::size_t n) {
  alignas(vector_bytes) T whole[lanes<T>] = {};
  std::memcpy(whole, p, n * sizeof(T));
  return hn::Load(tag<T>(), whole);
}
template <class T> HWY_INLINE void store_some(vec<T> v, T* p, std::size_t n) {
  alignas(vector_bytes) T whole[lanes<T>];
  hn::Store(v, tag<T>(), whole);
  std::memcpy(p, whole, n * sizeof(T));
}

// ---- widening loads and narrowing stores ----

/// lanes32 integers of a type of at most 32 bits as int32.
template <class T> HWY_INLINE V32 load_as32(const T* p) {
  if constexpr (std::is_same_v<T, std::int32_t>)
    return load(p);
  else
    return hn::PromoteTo(D32(), hn::LoadU(per32<T>(), p));
}
/// Lanes that fit T, as T; others saturate.
template <class T> HWY_INLINE void store_from32(V32 v, T* p) {
  if constexpr (std::is_same_v<T, std::int32_t>)
    store(v, p);
  else
    hn::StoreU(hn::DemoteTo(per32<T>(), v), per32<T>(), p);
}
/// The same for a type that is known when it runs: u8, s8, s16; anything else is taken as s32.
HWY_INLINE V32 load_as32(dtype t, const std::byte* p) {
  switch (t) {
    case dtype::u8: return load_as32(reinterpret_cast<const std::uint8_t*>(p));
    case dtype::s8: return load_as32(reinterpret_cast<const std::int8_t*>(p));
    case dtype::s16: return load_as32(reinterpret_cast<const std::int16_t*>(p));
    case dtype::s32:
    case dtype::u16:
    case dtype::u32:
    case dtype::s64:
    case dtype::u64:
    case dtype::boolean:
    case dtype::f16:
    case dtype::f32:
    case dtype::f64: break;
  }
  return load_as32(reinterpret_cast<const std::int32_t*>(p));
}
HWY_INLINE void store_from32(dtype t, V32 v, std::byte* p) {
  switch (t) {
    case dtype::u8: return store_from32(v, reinterpret_cast<std::uint8_t*>(p));
    case dtype::s8: return store_from32(v, reinterpret_cast<std::int8_t*>(p));
    case dtype::s16: return store_from32(v, reinterpret_cast<std::int16_t*>(p));
    case dtype::s32:
    case dtype::u16:
    case dtype::u32:
    case dtype::s64:
    case dtype::u64:
    case dtype::boolean:
    case dtype::f16:
    case dtype::f32:
    case dtype::f64: break;
  }
  store_from32(v, reinterpret_cast<std::int32_t*>(p));
}
/// The first n <= lanes32 elements; the others are 0. Reads and writes nothing else.
HWY_INLINE V32 load_some_as32(dtype t, const std::byte* p, std::size_t n) {
  alignas(vector_bytes) std::byte whole[lanes32 * 4] = {};
  std::memcpy(whole, p, n * size_of(t));
  return load_as32(t, whole);
}
HWY_INLINE void store_some_from32(dtype t, V32 v, std::byte* p, std::size_t n) {
  alignas(vector_bytes) std::byte whole[lanes32 * 4];
  store_from32(t, v, whole);
  std::memcpy(p, whole, n * size_of(t));
}
/// lanes16 elements of a byte or int16 type as int16.
template <class T> HWY_INLINE V16 load_as16(const T* p) {
  if constexpr (std::is_same_v<T, std::int16_t>)
    return load(p);
  else
    return hn::PromoteTo(D16(), hn::LoadU(per16<T>(), p));
}
/// The first n <= lanes16 elements; the others are 0. Reads nothing else.
template <class T> HWY_INLINE V16 load_some_as16(const T* p, std::size_t n) {
  if (n >= lanes16) return load_as16(p);
  alignas(vector_bytes) T whole[lanes16] = {};
  std::memcpy(whole, p, n * sizeof(T));
  return load_as16(whole);
}
/// The same of unaligned memory.
template <class T> HWY_INLINE V16 load_as16(const std::byte* p) {
  return load_as16(reinterpret_cast<const T*>(p));
}
template <class T> HWY_INLINE V16 load_some_as16(const std::byte* p, std::size_t n) {
  return load_some_as16(reinterpret_cast<const T*>(p), n);
}

// ---- over lanes ----

/// Modulo 2^32.
HWY_INLINE std::int32_t sum_of_lanes(V32 v) { return hn::GetLane(hn::SumOfLanes(D32(), v)); }
template <class T> HWY_INLINE T largest_lane(vec<T> v) {
  alignas(vector_bytes) T each[lanes<T>];
  hn::Store(v, tag<T>(), each);
  T most = each[0];
  for (const T e : each) most = e > most ? e : most;
  return most;
}
template <class T> HWY_INLINE T smallest_lane(vec<T> v) {
  alignas(vector_bytes) T each[lanes<T>];
  hn::Store(v, tag<T>(), each);
  T least = each[0];
  for (const T e : each) least = e < least ? e : least;
  return least;
}

// ---- four rows side by side ----

/// Bytes a[i], b[i], c[i], d[i] of each i in one lane of 32 bits: four vectors to aligned memory.
/// Lanes keep their 128-bit block: channel_in_panel's order for panels of four vectors.
HWY_INLINE void store_quads(VU8 a, VU8 b, VU8 c, VU8 d, std::byte* to) {
  const tag<std::uint16_t> u16;
  const auto ab = hn::BitCast(u16, hn::InterleaveLower(DU8(), a, b)),
             AB = hn::BitCast(u16, hn::InterleaveUpper(DU8(), a, b));
  const auto cd = hn::BitCast(u16, hn::InterleaveLower(DU8(), c, d)),
             CD = hn::BitCast(u16, hn::InterleaveUpper(DU8(), c, d));
  auto* q = reinterpret_cast<std::uint16_t*>(to);
  hn::Store(hn::InterleaveLower(u16, ab, cd), u16, q);
  hn::Store(hn::InterleaveUpper(u16, ab, cd), u16, q + lanes16);
  hn::Store(hn::InterleaveLower(u16, AB, CD), u16, q + 2 * lanes16);
  hn::Store(hn::InterleaveUpper(u16, AB, CD), u16, q + 3 * lanes16);
}

}  // namespace simd
}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
// ---- octet/kernels/simd/generic-inl.hpp
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
//   round_even, rounded, divide     float operations that no compiler flag may change
//   doubling_high, high_halves      high parts of products
//   look_up            a table of 256 bytes
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

// ---- float ----

/// A float vector that was rounded to binary32: keeps the compiler from fusing the product into a
/// sum.
HWY_INLINE VF rounded(VF v) {
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

}  // namespace simd::generic
}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
#if HWY_ARCH_X86 && HWY_TARGET != HWY_EMU128
// ---- octet/kernels/simd/x86-inl.hpp
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

}  // namespace simd
}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
#endif
#if HWY_TARGET == HWY_EMU128
// generic
#elif HWY_TARGET == HWY_SSE4
// ---- octet/kernels/simd/x86_128-inl.hpp
// The primitives of SSE4: 128-bit vectors. Part of a pass: see pass-inl.hpp; what each primitive
// does: generic-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {
namespace simd {

inline constexpr int registers = 16;
inline constexpr std::uint8_t quads = 0;
using generic::high_halves;
using generic::load_bytes;

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

HWY_INLINE V32 round_even(VF v) { return V32{_mm_cvtps_epi32(v.raw)}; }
HWY_INLINE VF rounded(VF v) {
  __asm__("" : "+x"(v.raw));
  return v;
}
HWY_INLINE VF divide(VF a, VF b) {
  __asm__("divps %1, %0" : "+x"(a.raw) : "x"(b.raw));
  return a;
}

}  // namespace simd
}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
#elif HWY_TARGET == HWY_AVX2
// ---- octet/kernels/simd/x86_256-inl.hpp
// The primitives of AVX2: 256-bit vectors. Part of a pass: see pass-inl.hpp; what each primitive
// does: generic-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {
namespace simd {

inline constexpr int registers = 16;
/// The test-only VNNI runs the kernels of four bytes a lane on the products of pairs.
inline constexpr std::uint8_t quads = OCTET_QUAD == 2 ? 1 : 0;
using generic::high_halves;
using generic::load_bytes;

template <int N> HWY_INLINE void store_bytes(V8 v, std::byte* to, int n) {
  if (N == 8 && n == N)
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm256_castsi256_si128(v.raw));
  else if (N == 16 && n == N)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_castsi256_si128(v.raw));
  else
    generic::store_bytes<N>(v, to, n);
}

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

HWY_INLINE V32 round_even(VF v) { return V32{_mm256_cvtps_epi32(v.raw)}; }
HWY_INLINE VF rounded(VF v) {
  __asm__("" : "+x"(v.raw));
  return v;
}
HWY_INLINE VF divide(VF a, VF b) {
  __asm__("vdivps %1, %0, %0" : "+x"(a.raw) : "x"(b.raw));
  return a;
}

}  // namespace simd
}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
#elif HWY_ARCH_X86
// ---- octet/kernels/simd/x86_512-inl.hpp
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
HWY_INLINE V32 dot_pairs(V32 acc, V32 a, V16 w) {
  return V32{_mm512_dpwssd_epi32(acc.raw, a.raw, w.raw)};
}
/// Not the intrinsic: with it g++ 12 keeps a third of a 6x4 tile's accumulators in memory (200
/// GMAC/s for 400 on Zen 5).
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

HWY_INLINE V32 round_even(VF v) { return V32{_mm512_cvtps_epi32(v.raw)}; }
HWY_INLINE VF rounded(VF v) {
  __asm__("" : "+v"(v.raw));
  return v;
}
HWY_INLINE VF divide(VF a, VF b) {
  __asm__("vdivps %1, %0, %0" : "+v"(a.raw) : "v"(b.raw));
  return a;
}
HWY_INLINE V32 high_halves(vec<std::uint64_t> even, vec<std::uint64_t> odd) {
  return V32{
      _mm512_mask_shuffle_epi32(odd.raw, 0x5555, even.raw, static_cast<_MM_PERM_ENUM>(0xF5))};
}

}  // namespace simd
}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
#elif HWY_TARGET == HWY_NEON
// ---- octet/kernels/simd/neon-inl.hpp
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
using generic::high_halves;
using generic::load_bytes;
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

HWY_INLINE V32 round_even(VF v) { return V32(vcvtnq_s32_f32(v.raw)); }
HWY_INLINE VF rounded(VF v) {
  __asm__("" : "+w"(v.raw));
  return v;
}
HWY_INLINE VF divide(VF a, VF b) {
  __asm__("fdiv %0.4s, %0.4s, %1.4s" : "+w"(a.raw) : "w"(b.raw));
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

}  // namespace simd
}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
#else
#error "octet: no file of primitives for this target in octet/kernels/simd"
#endif
// clang-format on

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

#if HWY_TARGET == HWY_EMU128
namespace simd {
using namespace generic;
}
#endif

using simd::D16, simd::D32, simd::D8, simd::DF, simd::DF64, simd::DU8;
using simd::lanes16, simd::lanes32, simd::lanes8;
using simd::set32, simd::set_float, simd::zero32;
using simd::V16, simd::V32, simd::V8, simd::VF, simd::VF64, simd::VU8;

inline constexpr kernels::target_layout layout{lanes32, simd::registers == 32 ? 4 : 2, simd::quads,
                                               simd::split_pairs};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
// ---- octet/kernels/requantize-inl.hpp
// The roundings over vectors, each once: what numerics/requantize.hpp spells for scalars. Part of a
// pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

// ---- shifts ----

HWY_INLINE V32 sign_of(V32 x) { return hn::ShiftRight<31>(x); }
/// By one count per lane, one for all, or a constant.
HWY_INLINE V32 shift_right(V32 x, V32 by) { return hn::Shr(x, by); }
template <class V> HWY_INLINE V shift_right(V x, int by) { return hn::ShiftRightSame(x, by); }
template <class V, int By> HWY_INLINE V shift_right(V x, std::integral_constant<int, By>) {
  return hn::ShiftRight<By>(x);
}
template <int By> inline constexpr std::integral_constant<int, By> by{};
/// x / 2^(r + 1), r >= 0, to nearest, ties up; x < INT32_MAX, which no high product reaches. The
/// shift is given less 1, because the last bit is where it rounds. `r`: one per lane, or one for
/// all.
template <class Shift> HWY_INLINE V32 shift_up(V32 x, Shift r) {
  return hn::ShiftRight<1>(hn::Add(shift_right(x, r), set32(1)));
}
/// The same, ties away from zero, also x > INT32_MIN; with `away`, only where that is true, or in
/// the lanes where it is -1 (0: up).
template <class Shift> HWY_INLINE V32 shift_away(V32 x, Shift r) {
  return shift_up(hn::Add(x, sign_of(x)), r);
}
HWY_INLINE V32 shift_away(V32 x, int r, bool away) {
  return shift_up(away ? hn::Add(x, sign_of(x)) : x, r);
}
template <class Shift> HWY_INLINE V32 shift_away(V32 x, Shift r, V32 away) {
  return shift_up(hn::Add(x, hn::And(sign_of(x), away)), r);
}
/// -x where `sign` is -1, x where it is 0: by the sign of x, its magnitude.
HWY_INLINE V32 with_sign(V32 x, V32 sign) { return hn::Sub(hn::Xor(x, sign), sign); }
/// (|x| + half) / 2^shift, toward zero, with the sign of x: ties away from zero where `half` is a
/// half. |x| + half < 2^32.
template <class Shift> HWY_INLINE V32 shift_magnitude(V32 x, V32 half, Shift shift) {
  const hn::RebindToUnsigned<D32> u32;
  const V32 sign = sign_of(x);
  const auto size = hn::BitCast(u32, hn::Add(with_sign(x, sign), half));
  return with_sign(hn::BitCast(D32(), shift_right(size, shift)), sign);
}

/// DR, RU with any shifts, one of each per lane. r: right shift - 1, l: left shift,
/// away: -1 where ties of the second rounding go away from zero.
HWY_INLINE V32 requantize_shift(V32 x, V32 m, V32 r, V32 l, V32 away) {
  const V32 h = simd::doubling_high(hn::Shl(x, l), m);
  const V32 y = shift_away(h, hn::Max(r, zero32()), away);
  return hn::IfThenElse(hn::Lt(r, zero32()), h, y);
}
/// DR or RU with one multiplier for all lanes.
struct uniform_shift {
  V32 m;
  int left, right;
  bool away;
  HWY_INLINE uniform_shift(multiplier q, bool ties_away)
      : m(set32(q.m)),
        left(q.shift > 0 ? q.shift : 0),
        right(q.shift > 0 ? 0 : -q.shift),
        away(ties_away) {}
  HWY_INLINE V32 operator()(V32 x) const {
    const V32 h = simd::doubling_high(left > 0 ? hn::ShiftLeftSame(x, left) : x, m);
    if (right == 0) return h;
    return shift_away(h, right - 1, away);
  }
};

/// DR for |x| < 2^30 and right shifts R of 1 to 31, without a left shift: with
/// h = doubling_high(x, m) it is floor((h + 2^(R-1) - [h < 0]) / 2^R).
template <bool NativeDoublingHigh> struct fused_dr;
template <> struct fused_dr<true> {
  static constexpr std::int32_t flip = 0;
  V32 m, r;
  HWY_INLINE fused_dr() {}  // not defaulted: g++ makes that one without the target's attributes
  HWY_INLINE void set(const std::int32_t* multipliers, const std::int32_t* shifts,
                      const std::int32_t*, const std::int32_t*) {
    m = simd::load(multipliers), r = simd::load(shifts);
  }
  HWY_INLINE V32 operator()(V32 x) const { return shift_away(simd::doubling_high(x, m), r); }
};
/// Without that instruction: [x < 0] does for [h < 0], they differ where h is 0 only, and there
/// both give 0. x comes with its sign bit flipped (`flip`, put into the start of the accumulator),
/// as u = x + 2^31, so that one unsigned product u * 2m and one constant for both roundings give
/// h + 2^(R-1) - 1 as the high half of 64 bits: 2xm + 2^31 + 2^(31+R) - 2^32. fill_panel has the
/// constants.
template <> struct fused_dr<false> {
  static constexpr std::int32_t flip = INT32_MIN;
  simd::vec<std::uint32_t> even_m, odd_m;  // 2m
  simd::vec<std::uint64_t> even, odd;      // the constants, of both roundings and of the flip
  V32 shift;
  HWY_INLINE fused_dr() {}
  /// From a panel's arrays at this vector: multipliers, shifts minus 1, constants of even and of
  /// odd lanes.
  HWY_INLINE void set(const std::int32_t* m, const std::int32_t* r, const std::int32_t* of_even,
                      const std::int32_t* of_odd) {
    const simd::tag<std::uint32_t> u32;
    const simd::tag<std::uint64_t> u64;
    const V32 once = simd::load(m);
    even_m = hn::BitCast(u32, hn::Add(once, once));
    odd_m = hn::BitCast(u32, hn::ShiftRight<32>(hn::BitCast(u64, even_m)));
    even = hn::BitCast(u64, simd::load(of_even));
    odd = hn::BitCast(u64, simd::load(of_odd));
    shift = hn::Add(simd::load(r), set32(1));
  }
  HWY_INLINE V32 operator()(V32 flipped) const {
    const simd::tag<std::uint32_t> u32;
    const simd::tag<std::uint64_t> u64;
    const auto u = hn::BitCast(u32, flipped);
    const auto odd_u = hn::BitCast(u32, hn::ShiftRight<32>(hn::BitCast(u64, u)));
    const auto e = hn::Add(hn::MulEven(u, even_m), even),
               o = hn::Add(hn::MulEven(odd_u, odd_m), odd);
    return hn::Shr(hn::Sub(simd::high_halves(e, o), sign_of(flipped)), shift);
  }
};
using requantize_dr = fused_dr<simd::native_doubling_high>;

// ---- float ----

/// x * scale in binary32. An int32 plus 0.f is itself.
HWY_INLINE VF real_product(V32 x, VF scale) {
  return simd::rounded(hn::Mul(hn::ConvertTo(DF(), x), scale));
}
/// Cut to whole numbers [lo, hi], NaN to lo.
HWY_INLINE VF cut(VF v, VF lo, VF hi) { return hn::Min(hn::IfThenElse(hn::Gt(v, lo), v, lo), hi); }
/// Cuts to whole numbers [lo, hi] of at most 24 bits, NaN to lo, and rounds, ties to even.
HWY_INLINE V32 round_within(VF v, VF lo, VF hi) { return simd::round_even(cut(v, lo, hi)); }
/// To a whole number, ties away from zero; float or double. trunc(v + 0.5) would be wrong just
/// below a half. Magnitudes beyond the mantissa are whole, and their rest 0.
template <class D> HWY_INLINE hn::Vec<D> whole_away(D d, hn::Vec<D> v) {
  using T = hn::TFromD<D>;
  const auto t = hn::Trunc(v), rest = hn::Sub(hn::Abs(v), hn::Abs(t));
  const auto further = hn::Add(t, hn::CopySign(hn::Set(d, T{1}), v));
  return hn::IfThenElse(hn::Ge(rest, hn::Set(d, T{0.5})), further, t);
}
/// Cuts as round_within and rounds, ties away from zero: bounds below 2^24 keep the rest exact.
HWY_INLINE V32 round_away_within(VF v, VF lo, VF hi) {
  return simd::round_even(whole_away(DF(), cut(v, lo, hi)));
}
/// The same, ties up.
HWY_INLINE V32 round_up_within(VF v, VF lo, VF hi) {
  const VF half = set_float(0.5f);
  return simd::round_even(hn::Floor(simd::rounded(hn::Add(cut(v, lo, hi), half))));
}

/// F and FB: rint((x + b) * m), cut at `highest`. Below, the conversion gives INT32_MIN, which
/// saturates to the same result.
HWY_INLINE V32 requantize_real(V32 x, VF b, VF m, VF highest) {
  const VF sum = simd::rounded(hn::Add(hn::ConvertTo(DF(), x), b));
  return simd::round_even(hn::Min(simd::rounded(hn::Mul(sum, m)), highest));
}
/// FZ: rint(x * m + z), both operations in binary32; the result has its zero point.
HWY_INLINE V32 requantize_real_zero(V32 x, VF m, VF z, VF lo, VF hi) {
  return round_within(simd::rounded(hn::Add(real_product(x, m), z)), lo, hi);
}
/// D64 of half a vector: binary64 product, ties away from zero, then the zero point.
HWY_INLINE simd::VF64 requantize_double(simd::VF64 x, simd::VF64 m, simd::VF64 z, simd::VF64 lo,
                                        simd::VF64 hi) {
  return hn::Min(hn::Max(hn::Add(whole_away(DF64(), hn::Mul(x, m)), z), lo), hi);
}

/// A requantize with one multiplier: int32 to the clamped result. 8- and 16-bit outputs.
struct uniform_requantize {
  enum class formula : std::uint8_t { shift, real, real_zero, eighths };
  static std::optional<formula> formula_of(rounding r) noexcept {
    switch (r) {
      case rounding::doubling_high_half_away:
      case rounding::doubling_high_half_up: return formula::shift;
      case rounding::float_half_even: return formula::real;
      case rounding::float_zero_point_half_even: return formula::real_zero;
      case rounding::eight_bit_ratio_half_up: return formula::eighths;
      case rounding::none:
      case rounding::wide_half_up:
      case rounding::double_half_away:
      case rounding::float_bias_half_even:
      case rounding::divide_half_away:
      case rounding::divide_half_even:
      case rounding::reciprocal_half_even:
      case rounding::xnnpack:
      case rounding::qnnpack:
      case rounding::fused_multiply_add:
      case rounding::tflite_optimized:
      case rounding::aten:
      case rounding::divide_truncate:
      case rounding::mxnet: break;
    }
    return std::nullopt;
  }

  formula f;
  uniform_shift shift;
  V32 z, low, high;  // clamp before the zero point is added: nothing overflows
  VF scale, zf, lof, hif;
  explicit HWY_INLINE uniform_requantize(const requantize_params& q)
      : f(formula_of(q.mode).value_or(formula::shift)),
        shift(uses_multiplier(q.mode) ? q.mult[0] : multiplier{},
              q.mode == rounding::doubling_high_half_away),
        z(set32(q.zero_point)),
        low(set32(q.lo - q.zero_point)),
        high(set32(q.hi - q.zero_point)),
        scale(set_float(uses_float_scale(q.mode) ? q.scale[0] : 0.f)),
        zf(set_float(static_cast<float>(q.zero_point))),
        lof(set_float(static_cast<float>(f == formula::real_zero ? q.lo : q.lo - q.zero_point))),
        hif(set_float(static_cast<float>(f == formula::real_zero ? q.hi : q.hi - q.zero_point))) {}
  /// `in`: of the operand; Q8's products stay below 2^31 for bytes alone.
  static bool accepts(const requantize_params& q, dtype in, dtype out) noexcept {
    const auto f = formula_of(q.mode);
    return f && q.channels == 1 && (is_8bit(out) || out == dtype::s16) &&
           (*f != formula::eighths || is_8bit(in));
  }
  HWY_INLINE V32 finish(V32 h) const { return hn::Add(hn::Min(hn::Max(h, low), high), z); }
  HWY_INLINE V32 operator()(V32 x) const {
    switch (f) {
      case formula::real: return hn::Add(round_within(real_product(x, scale), lof, hif), z);
      case formula::real_zero: return requantize_real_zero(x, scale, zf, lof, hif);
      case formula::eighths:  // |x * m| <= 255 * 2^23
        return finish(hn::ShiftRight<8>(hn::Add(hn::Mul(x, shift.m), set32(128))));
      case formula::shift: break;
    }
    return finish(shift(x));
  }
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
// ---- octet/kernels/epilogue-inl.hpp
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
// ---- octet/kernels/gemm-inl.hpp
// The matrix kernel: a tile of rows (pixels) times a panel of output channels, held in registers.
// Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

// ---- products: packed weights of a step, and their dot product with one row's activations ----
// w_bytes: of packed weights per lane.

struct pair8_ops {  // int16 x int8
  static constexpr int w_bytes = 2;
  using W = V16;
  static HWY_INLINE W load(const std::byte* w) {
    return simd::load_as16(reinterpret_cast<const std::int8_t*>(w));
  }
  static HWY_INLINE V32 dot(V32 acc, V32 a, W w) { return simd::dot_pairs(acc, a, w); }
};
struct pair16_ops {  // int16 x int16
  static constexpr int w_bytes = 4;
  using W = V16;
  static HWY_INLINE W load(const std::byte* w) {
    return simd::load(reinterpret_cast<const std::int16_t*>(w));
  }
  static HWY_INLINE V32 dot(V32 acc, V32 a, W w) { return simd::dot_pairs(acc, a, w); }
};
struct quad_ops {  // bytes
  static constexpr int w_bytes = 4;
  using W = V8;
  static HWY_INLINE W load(const std::byte* w) {
    return simd::load(reinterpret_cast<const std::int8_t*>(w));
  }
  static HWY_INLINE V32 dot(V32 acc, V32 a, W w) { return simd::dot_quads(acc, a, w); }
};
/// Kernels take four bytes a lane where the family gains by it.
inline constexpr bool has_quads = simd::quads != 0;

/// Rows of a full tile: 12 accumulators where there are 16 registers, 24 where there are 32; narrow
/// panels need rows to hide the latency of the dot product.
constexpr int tile_rows(int nv) { return layout.max_vectors == 2 ? 6 : nv == 4 ? 6 : 8; }
inline constexpr std::size_t most_tile_rows = 8;

/// What a tile needs to know; the same for all tiles of one panel.
struct tile_call {
  const std::int64_t* offsets;  // of the segments
  int segments, steps;
  std::int32_t flip;         // xor for activations
  const std::int32_t* sums;  // one per row, added to all its accumulators; null: none
  const std::byte* arrays;   // the panel's columns
  const std::byte* weights;
  std::size_t out_stride;  // bytes between rows of the output
  int n;                   // channels written
  std::int32_t first;      // first channel
  const requantize_params* requant;
  dtype out_type;
  const kernels::epilogue_scalars* scalars;
};

/// MR rows at rows[0..MR), of which `valid` are written. The others repeat a row: no second kernel
/// for every remainder.
template <class Ops, int MR, int NV, kernels::epilogue_kind E>
HWY_NOINLINE void tile(const tile_call& t, const std::byte* const* rows, const std::int32_t* sums,
                       std::byte* to, int valid) noexcept {
  const columns c(t.arrays, NV);
  V32 acc[MR][NV];
  HWY_UNROLL(4)
  for (int v = 0; v < NV; ++v) {
    V32 b = simd::load(c.bias + v * lanes32);
    if constexpr (E == kernels::epilogue_kind::dr && requantize_dr::flip != 0)
      b = hn::Xor(b, set32(requantize_dr::flip));
    HWY_UNROLL(8)
    for (int r = 0; r < MR; ++r) acc[r][v] = b;
  }
  if (sums != nullptr) {
    HWY_UNROLL(8)
    for (int r = 0; r < MR; ++r) {
      const V32 sum = set32(sums[r]);
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) acc[r][v] = hn::Add(acc[r][v], sum);
    }
  }
  const std::byte* row[MR];
  HWY_UNROLL(8)
  for (int r = 0; r < MR; ++r) row[r] = rows[r];
  const std::byte* w = t.weights;
  const V32 flip = set32(t.flip);
  V32 second[NV];  // one row alone: two sums a lane, so that neither the dot product's latency nor
                   // the loop's own instructions count
  if constexpr (MR == 1) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) second[v] = set32(0);
  }
  for (int s = 0; s < t.segments; ++s) {
    std::ptrdiff_t at = t.offsets[s];
    const std::ptrdiff_t end = at + std::ptrdiff_t{4} * t.steps;
    if constexpr (MR == 1) {
      for (; end - at >= 16; at += 16, w += 4 * NV * lanes32 * Ops::w_bytes) {
        HWY_UNROLL(4)
        for (int u = 0; u < 4; ++u) {
          V32 a = simd::broadcast4(row[0] + at + 4 * u);
          if constexpr (Ops::w_bytes == 4) a = hn::Xor(a, flip);
          HWY_UNROLL(4)
          for (int v = 0; v < NV; ++v) {
            const typename Ops::W b = Ops::load(w + (u * NV + v) * lanes32 * Ops::w_bytes);
            if (u % 2 == 0)
              acc[0][v] = Ops::dot(acc[0][v], a, b);
            else
              second[v] = Ops::dot(second[v], a, b);
          }
        }
      }
    }
    for (; at != end; at += 4) {
      typename Ops::W b[NV];
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) b[v] = Ops::load(w + v * lanes32 * Ops::w_bytes);
      w += NV * lanes32 * Ops::w_bytes;
      HWY_UNROLL(8)
      for (int r = 0; r < MR; ++r) {
        V32 a = simd::broadcast4(row[r] + at);
        if constexpr (Ops::w_bytes == 4) a = hn::Xor(a, flip);
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) acc[r][v] = Ops::dot(acc[r][v], a, b[v]);
      }
    }
  }
  if constexpr (MR == 1) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) acc[0][v] = hn::Add(acc[0][v], second[v]);
  }
  if constexpr (E == kernels::epilogue_kind::real || E == kernels::epilogue_kind::dr) {
    const epilogue e(*t.scalars);
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) {
      if constexpr (E == kernels::epilogue_kind::real) {
        const VF m = simd::load(c.scale() + v * lanes32),
                 bias = simd::load(c.real_bias() + v * lanes32);
        HWY_UNROLL(8)
        for (int r = 0; r < MR; ++r) acc[r][v] = requantize_real(acc[r][v], bias, m, e.highest);
      } else {
        requantize_dr q;
        q.set(c.m + v * lanes32, c.r + v * lanes32, c.even + v * lanes32, c.odd + v * lanes32);
        HWY_UNROLL(8)
        for (int r = 0; r < MR; ++r) acc[r][v] = q(acc[r][v]);
      }
    }
    HWY_UNROLL(8)
    for (int r = 0; r < MR; ++r) {
      if (r < valid) store_8bit<NV>(e, acc[r], to, t.n);
      to += t.out_stride;
    }
  } else {
    alignas(alignment) std::int32_t raw[MR][NV * lanes32];
    HWY_UNROLL(8)
    for (int r = 0; r < MR; ++r) {
      HWY_UNROLL(4)
      for (int v = 0; v < NV; ++v) hn::Store(acc[r][v], D32(), &raw[r][v * lanes32]);
    }
    for (int r = 0; r < valid; ++r, to += t.out_stride)
      finish_row(*t.requant, t.out_type, *t.scalars, t.arrays, NV, raw[r], to, t.n, t.first);
  }
}

template <class Ops, int MR, int NV>
HWY_INLINE void tile_of(const tile_call& t, kernels::epilogue_kind e, const std::byte* const* rows,
                        const std::int32_t* sums, std::byte* to, int valid) noexcept {
  if (e == kernels::epilogue_kind::real)
    tile<Ops, MR, NV, kernels::epilogue_kind::real>(t, rows, sums, to, valid);
  else if (e == kernels::epilogue_kind::dr)
    tile<Ops, MR, NV, kernels::epilogue_kind::dr>(t, rows, sums, to, valid);
  else
    tile<Ops, MR, NV, kernels::epilogue_kind::any>(t, rows, sums, to, valid);
}
/// All rows of a block times one panel.
template <class Ops, int NV>
HWY_INLINE void panel_rows(const tile_call& t, kernels::epilogue_kind e,
                           const std::byte* const* rows, std::byte* to,
                           std::size_t count) noexcept {
  constexpr int MR = tile_rows(NV);
  std::size_t i = 0;
  while (i < count) {
    const std::size_t left = count - i;
    const std::int32_t* sums = t.sums == nullptr ? nullptr : t.sums + i;
    if (left == 1) return tile_of<Ops, 1, NV>(t, e, rows + i, sums, to, 1);
    const int valid = left < MR ? static_cast<int>(left) : MR;
    tile_of<Ops, MR, NV>(t, e, rows + i, sums, to, valid);
    i += as_size(valid);
    to += as_size(valid) * t.out_stride;
  }
}
template <class Ops>
HWY_NOINLINE void panel(const tile_call& t, int nv, kernels::epilogue_kind e,
                        const std::byte* const* rows, std::byte* to, std::size_t count) noexcept {
  if constexpr (layout.max_vectors > 2) {
    if (nv == 4) return panel_rows<Ops, 4>(t, e, rows, to, count);
    if (nv == 3) return panel_rows<Ops, 3>(t, e, rows, to, count);
  }
  if (nv == 2) return panel_rows<Ops, 2>(t, e, rows, to, count);
  panel_rows<Ops, 1>(t, e, rows, to, count);
}

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
// ---- octet/kernels/conv2d-inl.hpp
// qnn.conv2d and qnn.fully_connected on the matrix kernel. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// count elements into a window: bytes (xor flip) or int16 (minus the zero point).
inline HWY_NOINLINE void window_bytes(const std::byte* x, std::byte* to, std::size_t count,
                                      std::uint32_t flip) noexcept {
  if (flip == 0) {
    std::memcpy(to, x, count);
    return;
  }
  const VU8 f = hn::BitCast(DU8(), set32(static_cast<std::int32_t>(flip)));
  std::size_t i = 0;
  for (; i + lanes8 <= count; i += lanes8) simd::store8(hn::Xor(simd::load8(x + i), f), to + i);
  for (; i < count; ++i) to[i] = x[i] ^ std::byte{0x80};
}
template <class T>
HWY_NOINLINE void window_words(const std::byte* from, std::byte* to, std::size_t count,
                               std::int32_t zero_point) noexcept {
  const auto* x = reinterpret_cast<const T*>(from);
  auto* y = reinterpret_cast<std::int16_t*>(to);
  const V16 z = hn::Set(D16(), static_cast<std::int16_t>(zero_point));
  std::size_t i = 0;
  for (; i + lanes16 <= count; i += lanes16) simd::store(hn::Sub(simd::load_as16(x + i), z), y + i);
  for (; i < count; ++i) y[i] = static_cast<std::int16_t>(x[i] - zero_point);
}
struct window_source {
  dtype type;
  bool words;  // int16 elements from bytes
  std::uint32_t flip;
  std::int32_t zero_point, fill;
  HWY_INLINE void copy(const std::byte* x, std::byte* to, std::size_t count) const noexcept {
    if (words) {
      if (type == dtype::u8)
        window_words<std::uint8_t>(x, to, count, zero_point);
      else
        window_words<std::int8_t>(x, to, count, zero_point);
    } else if (type == dtype::s16) {
      std::memcpy(to, x, count * 2);
    } else {
      window_bytes(x, to, count, flip);
    }
  }
  HWY_INLINE void pad(std::byte* to, std::size_t count) const noexcept {
    if (words || type == dtype::s16) {
      const auto v = static_cast<std::int16_t>(words ? 0 : fill);
      for (std::size_t i = 0; i < count; ++i) std::memcpy(to + 2 * i, &v, 2);
    } else {
      std::memset(to, fill, count);
    }
  }
};

/// Output rows [oy, oy + rows) of image n: their input into the window.
inline HWY_NOINLINE void fill_window(const kernels::gemm_problem& g, const kernels::packed_gemm& h,
                                     const window_source& s, const std::byte* x, std::byte* window,
                                     std::int32_t n, std::int32_t oy, std::int32_t rows) noexcept {
  const auto in_c = as_size(g.in_c), size = size_of(g.in_type), pixel = in_c * h.element;
  const std::int32_t tall = (rows - 1) * h.step_h + (g.kernel_h - 1) * g.dilation_h + 1;
  for (std::int32_t r = 0; r < tall; ++r) {
    std::byte* to = window + as_size(r) * h.row_bytes;
    std::memset(to + as_size(h.window_w) * pixel, 0, h.row_bytes - as_size(h.window_w) * pixel);
    std::int32_t iy =
        g.kernel_h == 1 ? (oy + r) * g.stride_h - g.pad_top : oy * g.stride_h - g.pad_top + r;
    if (g.insert_h != 1) iy = iy >= 0 && iy % g.insert_h == 0 ? iy / g.insert_h : -1;
    if (iy < 0 || iy >= g.in_h) {
      s.pad(to, as_size(h.window_w) * in_c);
      continue;
    }
    const std::byte* from =
        x + (product_of(n, g.in_h) + as_size(iy)) * as_size(g.in_w) * in_c * size;
    if (g.insert_w != 1 || (g.kernel_w == 1 && g.stride_w != 1)) {
      for (std::int32_t i = 0; i < h.window_w; ++i, to += pixel) {
        std::int32_t ix = (g.kernel_w == 1 ? i * g.stride_w : i) - g.pad_left;
        if (g.insert_w != 1) ix = ix >= 0 && ix % g.insert_w == 0 ? ix / g.insert_w : -1;
        if (ix < 0 || ix >= g.in_w)
          s.pad(to, in_c);
        else
          s.copy(from + as_size(ix) * in_c * size, to, in_c);
      }
      continue;
    }
    const std::int32_t left = g.pad_left < 0            ? 0
                              : g.pad_left < h.window_w ? g.pad_left
                                                        : h.window_w,
                       first = g.pad_left < 0 ? -g.pad_left : 0;
    const std::int32_t have =
                           g.in_w - first < h.window_w - left ? g.in_w - first : h.window_w - left,
                       right = h.window_w - left - have;
    if (left > 0) s.pad(to, as_size(left) * in_c);
    if (have > 0)
      s.copy(from + as_size(first) * in_c * size, to + as_size(left) * pixel, as_size(have) * in_c);
    if (right > 0) s.pad(to + as_size(left + have) * pixel, as_size(right) * in_c);
  }
}

/// Sum of a row's activations as the quad product takes them.
inline HWY_NOINLINE std::int32_t row_sum(const tile_call& t, int length,
                                         const std::byte* row) noexcept {
  const VU8 flip = hn::BitCast(DU8(), set32(t.flip));
  const V8 ones = hn::Set(D8(), 1);
  V32 sum = zero32();
  for (int s = 0; s < t.segments; ++s) {
    const std::byte* x = row + t.offsets[s];
    int i = 0;
    for (; i + lanes8 <= length; i += lanes8)
      sum = simd::dot_quads(sum, hn::BitCast(D32(), hn::Xor(simd::load8(x + i), flip)), ones);
    if (const auto n = as_size(length - i); n != 0) {
      const VU8 some = hn::Xor(simd::load_bytes(x + i, n), flip);
      sum = simd::dot_quads(sum, hn::BitCast(D32(), hn::IfThenElseZero(hn::FirstN(DU8(), n), some)),
                            ones);
    }
  }
  return simd::sum_of_lanes(sum);
}

/// The work of one call: its scratch, and what does not change from block to block.
struct gemm_run {
  const kernels::gemm_problem& g;
  const kernels::packed_gemm& h;
  const std::byte* packed;
  const std::byte** rows;  // first element of each pixel of a block, in the input or the window
  std::int32_t* sums;      // of those rows, times h.offset
  std::byte* window;
};

/// Rows of the block of output pixels that starts at `item`, at most `left` items of it (direct:
/// pixels; else: output lines); returns how many. A tile's worth of the last one comes on top.
HWY_INLINE std::size_t block_rows(const gemm_run& r, const window_source& source,
                                  const std::byte* x, std::size_t item, std::size_t left) noexcept {
  const kernels::gemm_problem& g = r.g;
  const kernels::packed_gemm& h = r.h;
  const auto most = as_size(h.block_rows);
  const std::size_t pixel = as_size(g.in_c) * h.element;
  std::size_t count = 0;
  if (h.direct) {
    count = left < most ? left : most;
    for (std::size_t i = 0; i < count; ++i) r.rows[i] = x + (item + i) * pixel;
  } else {
    const auto n = static_cast<std::int32_t>(item / as_size(g.out_h)),
               oy = static_cast<std::int32_t>(item % as_size(g.out_h));
    std::int32_t lines = g.out_h - oy < h.block_rows ? g.out_h - oy : h.block_rows;
    if (as_size(lines) > left) lines = static_cast<std::int32_t>(left);
    fill_window(g, h, source, x, r.window, n, oy, lines);
    const std::size_t step = as_size(h.step_w) * pixel;
    for (std::int32_t line = 0; line < lines; ++line) {
      const std::byte* at = r.window + as_size(line * h.step_h) * h.row_bytes;
      for (std::int32_t i = 0; i < g.out_w; ++i, at += step) r.rows[count++] = at;
    }
  }
  for (std::size_t i = 0; i < most_tile_rows; ++i) r.rows[count + i] = r.rows[count - 1];
  return count;
}
/// h.offset times the sum of each row's activations.
HWY_INLINE void block_sums(const gemm_run& r, const tile_call& t, std::size_t count) noexcept {
  const auto offset = static_cast<std::uint32_t>(r.h.offset);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int32_t sum = row_sum(t, r.h.segment_length, r.rows[i]);
    r.sums[i] = static_cast<std::int32_t>(offset * static_cast<std::uint32_t>(sum));
  }
  for (std::size_t i = 0; i < most_tile_rows; ++i) r.sums[count + i] = r.sums[count - 1];
}

/// A template, so that families without the product of four bytes do not compile its tiles.
template <bool Quads>
HWY_INLINE void panel_of(kernels::product kind, const tile_call& t, int nv,
                         kernels::epilogue_kind e, const std::byte* const* rows, std::byte* to,
                         std::size_t count) noexcept {
  if constexpr (Quads)
    if (kind == kernels::product::quad) return panel<quad_ops>(t, nv, e, rows, to, count);
  if (kind == kernels::product::pair8)
    panel<pair8_ops>(t, nv, e, rows, to, count);
  else
    panel<pair16_ops>(t, nv, e, rows, to, count);
}
/// The rows of a block times the panels [begin, end), counted over all groups; `to`: the block's
/// first output.
HWY_INLINE void block_panels(const gemm_run& r, tile_call& t, part_range share, std::byte* to,
                             std::size_t count) noexcept {
  const kernels::gemm_problem& g = r.g;
  const kernels::packed_gemm& h = r.h;
  const auto panels = as_size(h.panels);
  const std::size_t group_bytes = as_size(g.group_in()) * h.element;
  for (std::size_t p = share.begin; p < share.end; ++p) {
    const auto group = static_cast<std::int32_t>(p / panels),
               i = static_cast<std::int32_t>(p % panels);
    const std::byte* at = r.packed + kernels::panel_at(h, layout, group, i);
    const int nv = kernels::panel_vectors(h.vectors, h.panels, i), columns = nv * lanes32,
              local = kernels::first_vector(h.vectors, h.panels, i) * lanes32,
              left = g.group_out() - local;
    t.n = left < columns ? left : columns;
    t.first = group * g.group_out() + local;
    t.arrays = at + alignment;
    t.weights = t.arrays + round_up(as_size(columns) * 4 * kernels::panel_arrays, alignment);
    // The rows move on to the group's channels where a group begins, or the share does.
    const std::int32_t groups_ahead = p == share.begin ? group : i == 0 ? 1 : 0;
    if (const std::size_t ahead = as_size(groups_ahead) * group_bytes; ahead != 0)
      for (std::size_t k = 0; k < count + most_tile_rows; ++k) r.rows[k] += ahead;
    panel_of<has_quads>(h.kind, t, nv, *reinterpret_cast<const kernels::epilogue_kind*>(at), r.rows,
                        to + as_size(t.first) * size_of(g.out_type), count);
  }
}

/// Part `part` of `parts` of a packed product.
inline HWY_NOINLINE void run_gemm(const kernels::gemm_problem& g, const std::byte* packed,
                                  const kernel_args& a) noexcept {
  kernels::packed_gemm h;
  std::memcpy(&h, packed, sizeof(h));
  const auto* x = static_cast<const std::byte*>(a.in[0]);
  auto* scratch = static_cast<std::byte*>(a.scratch);
  std::byte* const sums = scratch + kernels::gemm_pointer_bytes(g, h);
  const gemm_run r{g,
                   h,
                   packed,
                   static_cast<const std::byte**>(a.scratch),
                   reinterpret_cast<std::int32_t*>(sums),
                   sums + kernels::gemm_sum_bytes(g, h)};
  const kernels::epilogue_scalars scalars = kernels::scalars_of(*g.requant, g.out_type);
  const window_source source{g.in_type, h.element == 2 && g.in_type != dtype::s16, h.flip,
                             g.in_zero_point, h.fill};
  const std::size_t pixel_out = as_size(g.out_c) * size_of(g.out_type),
                    lines = product_of(g.batch, g.out_h), width = as_size(g.out_w);
  // Items of the partition: pixels where rows are read directly, else output lines.
  const std::size_t line = h.direct ? 1 : width, items = h.direct ? lines * width : lines;
  // Rows are shared out where there are enough of them; else the panels are.
  const bool by_rows = items >= a.parts && items * line >= std::size_t{16} * a.parts;
  part_range range{0, items}, share{0, product_of(h.panels, g.groups)};
  if (by_rows)
    range = part_of(items, a.part, a.parts);
  else
    share = part_of(share.end, a.part, a.parts);

  tile_call t;
  t.offsets = reinterpret_cast<const std::int64_t*>(packed + sizeof(h));
  t.segments = h.segments;
  t.steps = h.steps;
  t.flip = h.direct ? static_cast<std::int32_t>(h.flip) : 0;
  t.sums = h.offset != 0 ? r.sums : nullptr;
  t.out_stride = pixel_out;
  t.requant = g.requant;
  t.out_type = g.out_type;
  t.scalars = &scalars;

  for (std::size_t item = range.begin; item < range.end;) {
    const std::size_t count = block_rows(r, source, x, item, range.end - item);
    if constexpr (has_quads)
      if (h.offset != 0) block_sums(r, t, count);
    block_panels(r, t, share, static_cast<std::byte*>(a.out[0]) + item * line * pixel_out, count);
    item += h.direct ? count : count / line;
  }
}

/// Operators on the matrix kernel. `Of`: params to problem.
template <class Params, kernels::gemm_problem (*Of)(const Params&) noexcept> struct gemm_kernel {
  static const Params& params(const void* p) { return *static_cast<const Params*>(p); }
  static void run(const kernel_args& a) noexcept {
    run_gemm(Of(params(a.params)), params(a.params).packed, a);
  }
  static std::size_t packed_bytes(const void* p) {
    return kernels::gemm_bytes(Of(params(p)), layout).packed;
  }
  static void pack(void* p, std::byte* to) {
    kernels::gemm_pack(Of(params(p)), layout, to);
    static_cast<Params*>(p)->packed = to;
  }
  static std::size_t scratch_bytes(const void* p) {
    return kernels::gemm_bytes(Of(params(p)), layout).scratch;
  }
  static bool accepts(const void* p) {
    return kernels::gemm_accepts(Of(params(p))) && scratch_bytes(p) <= kernels::most_scratch;
  }
  static const char* describe(const void* p) {
    if (p == nullptr) return "gemm";
    const kernels::packed_gemm h = kernels::gemm_header(Of(params(p)), layout);
    return h.kind == kernels::product::quad    ? h.direct ? "gemm 4x8 direct" : "gemm 4x8 window"
           : h.kind == kernels::product::pair8 ? h.direct ? "gemm 2x16 direct" : "gemm 2x16 window"
           : h.direct                          ? "gemm 2x16 wide weights direct"
                                               : "gemm 2x16 wide weights window";
  }
  static constexpr kernel_entry value{&run,     &packed_bytes, &pack, &scratch_bytes,
                                      &accepts, &describe,     true};
};
inline kernels::gemm_problem conv2d_problem(const conv2d_params& p) noexcept {
  return kernels::problem_of(p, false);
}
inline kernels::gemm_problem fully_connected_problem(const fully_connected_params& p) noexcept {
  return kernels::problem_of(p);
}
inline kernels::gemm_problem transpose_conv2d_problem(const transpose_conv2d_params& p) noexcept {
  return kernels::problem_of(p);
}

template <class V> struct kernel<kernel_id::conv2d, V> {
  static constexpr const kernel_entry* entry = &gemm_kernel<conv2d_params, &conv2d_problem>::value;
};
template <class V> struct kernel<kernel_id::fully_connected, V> {
  static constexpr const kernel_entry* entry =
      &gemm_kernel<fully_connected_params, &fully_connected_problem>::value;
};
template <class V> struct kernel<kernel_id::transpose_conv2d, V> {
  static constexpr const kernel_entry* entry =
      &gemm_kernel<transpose_conv2d_params, &transpose_conv2d_problem>::value;
};

/// Matrix by matrix. A constant second operand that all of them share is packed once, at plan time;
/// others for each run, into scratch.
template <class V> struct kernel<kernel_id::batch_matmul, V> {
  static const batch_matmul_params& params(const void* p) {
    return *static_cast<const batch_matmul_params*>(p);
  }
  static kernels::node_bytes bytes(const void* p) {
    return kernels::gemm_bytes(kernels::problem_of(params(p)), layout);
  }
  static bool accepts(const void* p) {
    return kernels::batch_matmul_accepts(params(p)) && scratch_bytes(p) <= kernels::most_scratch;
  }
  static std::size_t packed_bytes(const void* p) { return bytes(p).packed; }
  static void pack(void* p, std::byte* to) {
    kernels::gemm_pack(kernels::problem_of(params(p)), layout, to);
    static_cast<batch_matmul_params*>(p)->packed = to;
  }
  static std::size_t scratch_bytes(const void* p) { return bytes(p).scratch; }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    kernels::gemm_problem g = kernels::problem_of(p);
    std::byte* const packed =
        static_cast<std::byte*>(a.scratch) +
        (g.dynamic ? kernels::gemm_window_bytes(g, kernels::gemm_header(g, layout)) : 0);
    const std::size_t a_bytes = p.m * p.k * size_of(p.a_type),
                      b_bytes = p.k * p.n * size_of(p.b_type),
                      y_bytes = p.m * p.n * size_of(p.out_type);
    const bool by_batches = p.batches.count >= a.parts;
    const part_range r =
        by_batches ? part_of(p.batches.count, a.part, a.parts) : part_range{0, p.batches.count};
    kernel_args one = a;
    if (by_batches) one.part = 0, one.parts = 1;
    const std::byte* last = nullptr;
    for (std::size_t batch = r.begin; batch < r.end; ++batch) {
      std::size_t rest = batch, at[2] = {0, 0};
      for (std::int32_t i = p.batches.rank; i-- > 0;) {
        const auto axis = as_size(i), extent = as_size(p.batches.extent[axis]),
                   index = rest % extent;
        rest /= extent;
        for (std::size_t o = 0; o < 2; ++o) at[o] += index * as_size(p.batches.stride[o][axis]);
      }
      const void* in[2] = {static_cast<const std::byte*>(a.in[0]) + at[0] * a_bytes, a.in[1]};
      void* out[1] = {static_cast<std::byte*>(a.out[0]) + batch * y_bytes};
      one.in = in, one.out = out;
      if (g.dynamic) {
        g.weights = static_cast<const std::byte*>(a.in[1]) + at[1] * b_bytes;
        if (g.weights != last) kernels::gemm_pack(g, layout, packed);
        last = static_cast<const std::byte*>(g.weights);
      }
      run_gemm(g, g.dynamic ? packed : p.packed, one);
    }
  }
  static const char* describe(const void* p) {
    return p != nullptr && kernels::packs_once(params(p)) ? "gemm, packed once"
                                                          : "gemm, packed each run";
  }
  static constexpr kernel_entry value{&run,     &packed_bytes, &pack, &scratch_bytes,
                                      &accepts, &describe,     true};
  static constexpr const kernel_entry* entry = &value;
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
// ---- octet/kernels/depthwise-inl.hpp
// qnn.depthwise_conv2d. Part of a pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// What interleaving needs to know about one block of channels in one output row.
struct column_source {
  const std::byte* rows[4];  // of one group of kernel rows: the image row's first channel of this
                             // block; null: padding
  std::size_t pixel;         // bytes between columns
  std::size_t n;             // channels present
  const std::int32_t*
      from;  // multiplier > 1: input channel (relative to rows) of each channel; else null
  std::uint32_t flip;
  std::int32_t fill, zero_point;
};

HWY_INLINE VU8 quad_tap(const column_source& s, int j, std::size_t column) {
  if (s.rows[j] == nullptr) return simd::set_bytes(static_cast<std::uint8_t>(s.fill));
  const std::byte* x = s.rows[j] + column * s.pixel;
  const VU8 f = hn::BitCast(DU8(), set32(static_cast<std::int32_t>(s.flip)));
  if (s.from == nullptr) return hn::Xor(simd::load_bytes(x, s.n), f);
  alignas(alignment) std::uint8_t whole[lanes8];
  for (std::size_t i = 0; i < s.n; ++i) whole[i] = static_cast<std::uint8_t>(x[s.from[i]]);
  return hn::Xor(hn::Load(DU8(), whole), f);
}
/// Columns [0, count) of one group of four kernel rows, 4 vectors each, `step` bytes apart.
inline HWY_NOINLINE void quad_columns(const column_source& s, std::size_t first, std::size_t count,
                                      std::byte* to, std::size_t step) noexcept {
  if (s.n == lanes8 && s.from == nullptr) {
    // Whole blocks: every row a pointer; padding rows one that stands still.
    alignas(alignment) std::uint8_t padding[lanes8];
    const VU8 f = hn::BitCast(DU8(), set32(static_cast<std::int32_t>(s.flip)));
    hn::Store(hn::Xor(simd::set_bytes(static_cast<std::uint8_t>(s.fill)), f), DU8(), padding);
    const std::uint8_t* x[4];
    std::size_t next[4];
    for (int j = 0; j < 4; ++j) {
      next[j] = s.rows[j] != nullptr ? s.pixel : 0;
      x[j] = s.rows[j] != nullptr
                 ? reinterpret_cast<const std::uint8_t*>(s.rows[j] + first * s.pixel)
                 : padding;
    }
    const std::uint8_t *a = x[0], *b = x[1], *c = x[2], *d = x[3];
    for (std::size_t i = 0; i < count;
         ++i, to += step, a += next[0], b += next[1], c += next[2], d += next[3])
      simd::store_quads(hn::Xor(simd::load(a), f), hn::Xor(simd::load(b), f),
                        hn::Xor(simd::load(c), f), hn::Xor(simd::load(d), f), to);
    return;
  }
  for (std::size_t i = 0; i < count; ++i, to += step)
    simd::store_quads(quad_tap(s, 0, first + i), quad_tap(s, 1, first + i),
                      quad_tap(s, 2, first + i), quad_tap(s, 3, first + i), to);
}
template <class T> HWY_INLINE V16 pair_tap(const column_source& s, int j, std::size_t column) {
  constexpr bool words = sizeof(T) == 2;
  if (s.rows[j] == nullptr)
    return hn::Set(D16(), static_cast<std::int16_t>(words ? s.zero_point : 0));
  const std::byte* x = s.rows[j] + column * s.pixel;
  const V16 z = hn::Set(D16(), static_cast<std::int16_t>(words ? 0 : s.zero_point));
  if (s.from == nullptr) return hn::Sub(simd::load_some_as16<T>(x, s.n), z);
  alignas(alignment) T whole[lanes16] = {};
  for (std::size_t i = 0; i < s.n; ++i)
    std::memcpy(&whole[i], x + as_size(s.from[i]) * sizeof(T), sizeof(T));
  return hn::Sub(simd::load_as16(whole), z);
}
/// The same for groups of two kernel rows as int16, 2 vectors each.
template <class T>
HWY_NOINLINE void pair_columns(const column_source& s, std::size_t first, std::size_t count,
                               std::byte* to, std::size_t step) noexcept {
  if (s.n == lanes16 && s.from == nullptr) {
    alignas(alignment) T padding[lanes16];
    for (T& v : padding) v = static_cast<T>(s.zero_point);
    const V16 z = hn::Set(D16(), static_cast<std::int16_t>(sizeof(T) == 2 ? 0 : s.zero_point));
    const std::size_t next[2] = {s.rows[0] != nullptr ? s.pixel : 0,
                                 s.rows[1] != nullptr ? s.pixel : 0};
    const auto* still = reinterpret_cast<const std::byte*>(padding);
    const std::byte *a = s.rows[0] != nullptr ? s.rows[0] + first * s.pixel : still,
                    *b = s.rows[1] != nullptr ? s.rows[1] + first * s.pixel : still;
    for (std::size_t i = 0; i < count; ++i, to += step, a += next[0], b += next[1])
      simd::store_pairs(hn::Sub(simd::load_as16<T>(a), z), hn::Sub(simd::load_as16<T>(b), z), to);
    return;
  }
  for (std::size_t i = 0; i < count; ++i, to += step)
    simd::store_pairs(pair_tap<T>(s, 0, first + i), pair_tap<T>(s, 1, first + i), to);
}

struct pixel_call {
  const std::byte *columns, *arrays, *weights;
  std::size_t column_step, pixel_step,
      tap_step;  // bytes: group to group is vectors * lanes32 * 4 within a column
  int kernel_w, groups;
  std::byte* to;
  std::size_t out_stride;
  std::size_t count;
  int n;
  std::int32_t first;
  const requantize_params* requant;
  dtype out_type;
  const kernels::epilogue_scalars* scalars;
};

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

template <int NV, kernels::epilogue_kind E>
HWY_INLINE void finish_pixel(const pixel_call& t, const columns& c, const epilogue& e,
                             const requantize_dr* dr, V32 (&acc)[NV], std::byte* to) noexcept {
  if constexpr (E == kernels::epilogue_kind::real) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v)
      acc[v] = requantize_real(acc[v], simd::load(c.real_bias() + v * lanes32),
                               simd::load(c.scale() + v * lanes32), e.highest);
    store_8bit<NV>(e, acc, to, t.n);
  } else if constexpr (E == kernels::epilogue_kind::dr) {
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) acc[v] = dr[v](acc[v]);
    store_8bit<NV>(e, acc, to, t.n);
  } else {
    alignas(alignment) std::int32_t raw[NV * lanes32];
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) hn::Store(acc[v], D32(), raw + v * lanes32);
    finish_row(*t.requant, t.out_type, *t.scalars, t.arrays, NV, raw, to, t.n, t.first);
  }
}

/// All pixels of an output row for one block of channels. KW, KG > 0: kernel columns and row groups
/// as constants, weights stay in registers.
template <class Ops, int KW, int KG, kernels::epilogue_kind E>
HWY_NOINLINE void pixels(const pixel_call& t) noexcept {
  constexpr int NV = Ops::vectors;
  const columns c(t.arrays, NV);
  const epilogue e(*t.scalars);
  std::byte* to = t.to;
  const std::byte* column = t.columns;
  constexpr std::size_t vector = as_size(lanes32) * 4;
  typename Ops::W kept[KW > 0 ? KW * KG * NV : 1];
  if constexpr (KW > 0) {
    HWY_UNROLL(12)
    for (int i = 0; i < KW * KG * NV; ++i) kept[i] = Ops::load(t.weights + as_size(i) * vector);
  }
  V32 start[NV];
  requantize_dr dr[NV];
  HWY_UNROLL(4)
  for (int v = 0; v < NV; ++v) {
    start[v] = simd::load(c.bias + v * lanes32);
    if constexpr (E == kernels::epilogue_kind::dr) {
      start[v] = hn::Xor(start[v], set32(requantize_dr::flip));
      dr[v].set(c.m + v * lanes32, c.r + v * lanes32, c.even + v * lanes32, c.odd + v * lanes32);
    }
  }
  std::size_t p = 0;
  if constexpr (KW > 0) {
    // Stride 1, no dilation: two pixels share KW - 1 of their columns.
    if (t.pixel_step == t.tap_step)
      for (; p + 2 <= t.count; p += 2, column += 2 * t.pixel_step, to += 2 * t.out_stride) {
        V32 acc[NV], next[NV];
        HWY_UNROLL(4)
        for (int v = 0; v < NV; ++v) acc[v] = next[v] = start[v];
        HWY_UNROLL(4)
        for (int kx = 0; kx <= KW; ++kx) {
          HWY_UNROLL(8)
          for (int i = 0; i < KG * NV; ++i) {
            const auto x = Ops::load(column + as_size(kx) * t.tap_step + as_size(i) * vector);
            if (kx < KW)
              acc[i % NV] = Ops::dot(acc[i % NV], x, kept[(kx < KW ? kx : 0) * KG * NV + i]);
            if (kx > 0)
              next[i % NV] = Ops::dot(next[i % NV], x, kept[(kx > 0 ? kx - 1 : 0) * KG * NV + i]);
          }
        }
        finish_pixel<NV, E>(t, c, e, dr, acc, to);
        finish_pixel<NV, E>(t, c, e, dr, next, to + t.out_stride);
      }
  }
  for (; p < t.count; ++p, column += t.pixel_step, to += t.out_stride) {
    V32 acc[NV];
    HWY_UNROLL(4)
    for (int v = 0; v < NV; ++v) acc[v] = start[v];
    if constexpr (KW > 0) {
      HWY_UNROLL(3)
      for (int kx = 0; kx < KW; ++kx) {
        HWY_UNROLL(8)
        for (int i = 0; i < KG * NV; ++i)
          acc[i % NV] = Ops::dot(acc[i % NV],
                                 Ops::load(column + as_size(kx) * t.tap_step + as_size(i) * vector),
                                 kept[kx * KG * NV + i]);
      }
    } else {
      const std::byte *w = t.weights, *at = column;
      for (int kx = 0; kx < t.kernel_w; ++kx, at += t.tap_step) {
        const std::byte* q = at;
        for (int g = 0; g < t.groups; ++g, q += NV * vector, w += NV * vector) {
          HWY_UNROLL(4)
          for (int v = 0; v < NV; ++v)
            acc[v] = Ops::dot(acc[v], Ops::load(q + as_size(v) * vector),
                              Ops::load(w + as_size(v) * vector));
        }
      }
    }
    finish_pixel<NV, E>(t, c, e, dr, acc, to);
  }
}
template <class Ops, int KW, int KG>
HWY_INLINE void pixels_of(const pixel_call& t, kernels::epilogue_kind e) noexcept {
  if (e == kernels::epilogue_kind::real)
    pixels<Ops, KW, KG, kernels::epilogue_kind::real>(t);
  else if (e == kernels::epilogue_kind::dr)
    pixels<Ops, KW, KG, kernels::epilogue_kind::dr>(t);
  else
    pixels<Ops, KW, KG, kernels::epilogue_kind::any>(t);
}

/// Columns of the window of an output row: `left` of padding, `have` from the image's column
/// `start` on, `right` of padding.
struct column_span {
  std::int32_t start, left, have, right;
  HWY_INLINE column_span(const conv2d_params& p, std::int32_t window) {
    start = p.pad_left < 0 ? -p.pad_left : 0;
    left = p.pad_left < 0 ? 0 : p.pad_left < window ? p.pad_left : window;
    const std::int32_t in_image = p.in_w - start, room = window - left;
    have = in_image < room ? in_image : room;
    if (have < 0) have = 0;
    right = room - have;
  }
};
/// Taps of kernel rows as the products take them, `count` columns.
template <bool Quads>
HWY_INLINE void columns_of(kernels::product kind, dtype type, const column_source& s,
                           std::size_t first, std::size_t count, std::byte* to,
                           std::size_t step) noexcept {
  if constexpr (Quads)
    if (kind == kernels::product::quad) return quad_columns(s, first, count, to, step);
  if (type == dtype::u8)
    pair_columns<std::uint8_t>(s, first, count, to, step);
  else if (type == dtype::s8)
    pair_columns<std::int8_t>(s, first, count, to, step);
  else
    pair_columns<std::int16_t>(s, first, count, to, step);
}
template <bool Quads>
HWY_INLINE void row_pixels(kernels::product kind, bool three_by_three, const pixel_call& t,
                           kernels::epilogue_kind e) noexcept {
  if constexpr (Quads)
    if (kind == kernels::product::quad)
      return three_by_three ? pixels_of<quad_each_ops, 3, 1>(t, e)
                            : pixels_of<quad_each_ops, 0, 0>(t, e);
  if (three_by_three)
    pixels_of<pair_each_ops, 3, 2>(t, e);
  else
    pixels_of<pair_each_ops, 0, 0>(t, e);
}

/// The window of output row oy of an image, for the block of channels whose first input channel is
/// at `x` in the image's first pixel. `s`: everything but the rows.
HWY_INLINE void fill_columns(const conv2d_params& p, const kernels::packed_depthwise& h,
                             const column_span& span, const column_source& padding,
                             const std::byte* x, std::int32_t oy, std::byte* window,
                             std::size_t column_step) noexcept {
  const std::int32_t per_group = h.kind == kernels::product::quad ? 4 : 2;
  const std::size_t line = as_size(p.in_w) * padding.pixel;
  const auto left = as_size(span.left), have = as_size(span.have), right = as_size(span.right);
  for (std::int32_t group = 0; group < h.groups; ++group) {
    column_source s = padding;
    for (std::int32_t j = 0; j < per_group && group * per_group + j < p.kernel_h; ++j) {
      const std::int32_t ky = group * per_group + j,
                         iy = oy * p.stride_h - p.pad_top + ky * p.dilation_h;
      if (iy >= 0 && iy < p.in_h) s.rows[j] = x + as_size(iy) * line;
    }
    std::byte* to = window + as_size(group * h.channels) * 4;
    columns_of<has_quads>(h.kind, p.in_type, padding, 0, left, to, column_step);
    to += left * column_step;
    columns_of<has_quads>(h.kind, p.in_type, s, as_size(span.start), have, to, column_step);
    to += have * column_step;
    columns_of<has_quads>(h.kind, p.in_type, padding, 0, right, to, column_step);
  }
}

inline HWY_NOINLINE void run_depthwise(const conv2d_params& p, const kernel_args& a) noexcept {
  kernels::packed_depthwise h;
  std::memcpy(&h, p.packed, sizeof(h));
  const auto* x = static_cast<const std::byte*>(a.in[0]);
  auto* y = static_cast<std::byte*>(a.out[0]);
  auto* window = static_cast<std::byte*>(a.scratch);
  const kernels::epilogue_scalars scalars = kernels::scalars_of(p.requant, p.out_type);
  const std::size_t in_size = size_of(p.in_type), out_size = size_of(p.out_type),
                    out_h = as_size(p.out_h), items = as_size(p.batch) * out_h,
                    pixel = as_size(p.in_c) * in_size, image = product_of(p.in_h, p.in_w) * pixel;
  const bool by_rows = items >= a.parts;
  const part_range lines = by_rows ? part_of(items, a.part, a.parts) : part_range{0, items};
  const part_range blocks =
      by_rows ? part_range{0, as_size(h.blocks)} : part_of(as_size(h.blocks), a.part, a.parts);
  const std::int32_t multiplier = p.out_c / p.in_c;
  const std::size_t vectors_bytes = as_size(h.channels) * 4,
                    column_step = vectors_bytes * as_size(h.groups);
  const column_span span(p, h.window_w);

  pixel_call t;
  t.columns = window;
  t.column_step = column_step;
  t.pixel_step = column_step * as_size(p.stride_w);
  t.tap_step = column_step * as_size(p.dilation_w);
  t.kernel_w = p.kernel_w;
  t.groups = h.groups;
  t.out_stride = as_size(p.out_c) * out_size;
  t.count = as_size(p.out_w);
  t.requant = &p.requant;
  t.out_type = p.out_type;
  t.scalars = &scalars;

  std::int32_t expand[4 * lanes32];
  for (std::size_t line = lines.begin; line < lines.end; ++line)
    for (std::size_t b = blocks.begin; b < blocks.end; ++b) {
      const std::int32_t first = static_cast<std::int32_t>(b) * h.channels, rest = p.out_c - first,
                         channels = rest < h.channels ? rest : h.channels,
                         first_in = first / multiplier;
      if (multiplier > 1)
        for (std::int32_t i = 0; i < channels; ++i) expand[i] = (first + i) / multiplier - first_in;
      const column_source padding{{nullptr, nullptr, nullptr, nullptr},
                                  pixel,
                                  as_size(channels),
                                  multiplier > 1 ? expand : nullptr,
                                  h.flip,
                                  h.fill,
                                  p.in_zero_point};
      fill_columns(p, h, span, padding, x + line / out_h * image + as_size(first_in) * in_size,
                   static_cast<std::int32_t>(line % out_h), window, column_step);
      const std::byte* block = p.packed + h.first_block + b * h.block_bytes;
      t.arrays = block + alignment;
      t.weights = t.arrays + round_up(vectors_bytes * kernels::panel_arrays, alignment);
      t.n = channels;
      t.first = first;
      t.to = y + line * t.count * t.out_stride + as_size(first) * out_size;
      row_pixels<has_quads>(h.kind, p.kernel_w == 3 && p.kernel_h == 3, t,
                            *reinterpret_cast<const kernels::epilogue_kind*>(block));
    }
}

template <class V> struct kernel<kernel_id::depthwise_conv2d, V> {
  static const conv2d_params& params(const void* p) {
    return *static_cast<const conv2d_params*>(p);
  }
  static kernels::gemm_problem problem(const conv2d_params& p) {
    return kernels::problem_of(p, true);
  }
  static kernels::node_bytes bytes(const void* p) {
    return kernels::depthwise_bytes(problem(params(p)), layout);
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    if (const auto g = problem(p); kernels::depthwise_is_gemm(g))
      run_gemm(g, p.packed, a);
    else
      run_depthwise(p, a);
  }
  static std::size_t packed_bytes(const void* p) { return bytes(p).packed; }
  static void pack(void* p, std::byte* to) {
    kernels::depthwise_pack(problem(params(p)), layout, to);
    static_cast<conv2d_params*>(p)->packed = to;
  }
  static std::size_t scratch_bytes(const void* p) { return bytes(p).scratch; }
  static bool accepts(const void* p) {
    return kernels::depthwise_accepts(problem(params(p))) &&
           scratch_bytes(p) <= kernels::most_scratch;
  }
  static const char* describe(const void* p) {
    if (p == nullptr) return "depthwise";
    const auto g = problem(params(p));
    if (kernels::depthwise_is_gemm(g)) return "depthwise as gemm";
    return kernels::depthwise_header(g, layout).kind == kernels::product::quad ? "depthwise 4 rows"
                                                                               : "depthwise 2 rows";
  }
  static constexpr kernel_entry value{&run,     &packed_bytes, &pack, &scratch_bytes,
                                      &accepts, &describe,     true};
  static constexpr const kernel_entry* entry = &value;
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
// clang-format on
#if !defined(OCTET_BASE_NS)  // a pseudo target takes these kernels from the one it stands on
// ---- octet/kernels/elementwise-inl.hpp
// Element by element: qnn.add, qnn.sub, qnn.mul, requantize, quantize, dequantize and tables. Part
// of a pass: see pass-inl.hpp. Values go through the formulas as int32 or float lanes in memory
// order; types are told apart once per vector, not by templates.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

// ---- two operands ----

/// y[0..n) = op(a, b), operands step by one element or stand still.
template <class Op>
HWY_INLINE void binary_run(const Op& op, dtype ta, dtype tb, dtype ty, const std::byte* a,
                           bool step_a, const std::byte* b, bool step_b, std::byte* y,
                           std::size_t n) {
  const V32 still_a = step_a ? zero32() : set32(hn::GetLane(simd::load_some_as32(ta, a, 1))),
            still_b = step_b ? zero32() : set32(hn::GetLane(simd::load_some_as32(tb, b, 1)));
  const std::size_t sa = size_of(ta), sb = size_of(tb), sy = size_of(ty);
  std::size_t i = 0;
  for (; i + lanes32 <= n; i += lanes32)
    simd::store_from32(ty,
                       op(step_a ? simd::load_as32(ta, a + i * sa) : still_a,
                          step_b ? simd::load_as32(tb, b + i * sb) : still_b),
                       y + i * sy);
  if (i < n)
    simd::store_some_from32(ty,
                            op(step_a ? simd::load_some_as32(ta, a + i * sa, n - i) : still_a,
                               step_b ? simd::load_some_as32(tb, b + i * sb, n - i) : still_b),
                            y + i * sy, n - i);
}
/// Output elements [begin, end) in runs along the innermost merged axis, where an operand's stride
/// is 0 or 1.
template <class Op>
HWY_NOINLINE void binary(const Op& op, const broadcast_plan<2>& s, dtype ta, dtype tb, dtype ty,
                         const kernel_args& k, std::size_t begin, std::size_t end) noexcept {
  const auto last = as_size(s.rank - 1);
  const bool step_a = s.stride[0][last] != 0, step_b = s.stride[1][last] != 0;
  for (std::size_t i = begin; i < end;) {
    std::size_t rest = i / s.inner, at = i % s.inner,
                offset[2] = {step_a ? at : 0, step_b ? at : 0};
    for (std::size_t axis = last; axis-- > 0;) {
      const auto extent = as_size(s.extent[axis]), index = rest % extent;
      rest /= extent;
      offset[0] += index * as_size(s.stride[0][axis]);
      offset[1] += index * as_size(s.stride[1][axis]);
    }
    const std::size_t n = s.inner - at < end - i ? s.inner - at : end - i;
    binary_run(op, ta, tb, ty, static_cast<const std::byte*>(k.in[0]) + offset[0] * size_of(ta),
               step_a, static_cast<const std::byte*>(k.in[1]) + offset[1] * size_of(tb), step_b,
               static_cast<std::byte*>(k.out[0]) + i * size_of(ty), n);
    i += n;
  }
}

struct add_dr_op {
  uniform_shift a, b, y;
  V32 za, zb, z, low, high;
  int left;
  bool minus;
  explicit HWY_INLINE add_dr_op(const add_params& p)
      : a(p.a_mult, true),
        b(p.b_mult, true),
        y(p.y_mult, true),
        za(set32(p.a_zero_point)),
        zb(set32(p.b_zero_point)),
        z(set32(p.zero_point)),
        low(set32(p.lo - p.zero_point)),
        high(set32(p.hi - p.zero_point)),
        left(p.left_shift),
        minus(p.sign < 0) {}
  HWY_INLINE V32 operator()(V32 x1, V32 x2) const {
    const V32 u = a(hn::ShiftLeftSame(hn::Sub(x1, za), left)),
              v = b(hn::ShiftLeftSame(hn::Sub(x2, zb), left));
    return hn::Add(hn::Min(hn::Max(y(minus ? hn::Sub(u, v) : hn::Add(u, v)), low), high), z);
  }
};
/// XNN and QNN on 8-bit types: |sum| < 2^31 (factors below 2^21 and 2^22, operands at most 255 away
/// from their zero points), so 32 bits do.
struct add_factors_op {
  V32 fa, fb, bias, half, z, low, high;
  int shift;
  bool away;
  explicit HWY_INLINE add_factors_op(const add_params& p)
      : fa(set32(p.a_factor)),
        fb(set32(p.b_factor)),
        bias(set32(0)),
        half(set32(p.mode == rounding::qnnpack && p.shift > 0
                       ? static_cast<std::int32_t>(1u << (p.shift - 1))
                       : 0)),
        z(set32(p.zero_point)),
        low(set32(p.lo - p.zero_point)),
        high(set32(p.hi - p.zero_point)),
        shift(p.shift),
        away(p.mode == rounding::qnnpack) {
    // QNN takes the offsets first: the same sum modulo 2^32.
    const auto offsets =
        static_cast<std::uint32_t>(p.a_factor) * static_cast<std::uint32_t>(p.a_zero_point) +
        static_cast<std::uint32_t>(p.b_factor) * static_cast<std::uint32_t>(p.b_zero_point);
    bias = set32(away ? static_cast<std::int32_t>(0u - offsets)
                      : static_cast<std::int32_t>(
                            static_cast<std::uint32_t>(static_cast<std::uint64_t>(p.bias))));
  }
  HWY_INLINE V32 operator()(V32 x1, V32 x2) const {
    const V32 acc = hn::Add(hn::Add(hn::Mul(x1, fa), hn::Mul(x2, fb)), bias);
    const V32 y = away ? shift_magnitude(acc, half, shift) : shift_right(acc, shift);
    return hn::Add(hn::Min(hn::Max(y, low), high), z);
  }
};
struct add_real_op {
  V32 za, zb, z;
  VF fa, fb, lo, hi;
  bool minus;
  explicit HWY_INLINE add_real_op(const add_params& p)
      : za(set32(p.a_zero_point)),
        zb(set32(p.b_zero_point)),
        z(set32(p.zero_point)),
        fa(set_float(p.a_scale)),
        fb(set_float(p.b_scale)),
        lo(set_float(static_cast<float>(p.lo - p.zero_point))),
        hi(set_float(static_cast<float>(p.hi - p.zero_point))),
        minus(p.sign < 0) {}
  HWY_INLINE V32 operator()(V32 x1, V32 x2) const {
    const VF u = simd::rounded(hn::Mul(hn::ConvertTo(DF(), hn::Sub(x1, za)), fa)),
             v = simd::rounded(hn::Mul(hn::ConvertTo(DF(), hn::Sub(x2, zb)), fb));
    return hn::Add(round_within(simd::rounded(minus ? hn::Sub(u, v) : hn::Add(u, v)), lo, hi), z);
  }
};
/// Where a multiply-add is fused (simd::native_fma).
struct add_fma_op {
  VF fa, fb, fixed, lo, hi;
  bool a_first;
  explicit HWY_INLINE add_fma_op(const add_params& p)
      : fa(set_float(p.a_scale)),
        fb(set_float(p.b_scale)),
        fixed(set_float(p.fixed)),
        lo(set_float(static_cast<float>(p.lo))),
        hi(set_float(static_cast<float>(p.hi))),
        a_first(p.shape.stride[0][as_size(p.shape.rank - 1)] == 0) {}
  HWY_INLINE V32 operator()(V32 x1, V32 x2) const {
    const VF a = hn::ConvertTo(DF(), x1), b = hn::ConvertTo(DF(), x2);
    const VF v = a_first ? hn::MulAdd(b, fb, simd::rounded(hn::MulAdd(a, fa, fixed)))
                         : hn::MulAdd(a, fa, simd::rounded(hn::MulAdd(b, fb, fixed)));
    return round_within(simd::rounded(v), lo, hi);
  }
};
/// Inside whole blocks of 64 elements (`block`) PyTorch fuses the dequantization. Where a
/// multiply-add is fused.
struct add_aten_op {
  V32 za, zb, z;
  VF fa, fb, pa, pb, inverse, lo, hi;
  bool minus, block;
  HWY_INLINE add_aten_op(const add_params& p, bool in_block)
      : za(set32(p.a_zero_point)),
        zb(set32(p.b_zero_point)),
        z(set32(p.zero_point)),
        fa(set_float(p.a_scale)),
        fb(set_float(p.b_scale)),
        pa(set_float(p.a_premul)),
        pb(set_float(p.b_premul)),
        inverse(set_float(p.inverse)),
        lo(set_float(static_cast<float>(p.lo - p.zero_point))),
        hi(set_float(static_cast<float>(p.hi - p.zero_point))),
        minus(p.sign < 0),
        block(in_block) {}
  HWY_INLINE V32 operator()(V32 x1, V32 x2) const {
    VF u, v;
    if (block) {
      u = hn::MulAdd(hn::ConvertTo(DF(), x1), fa, pa);
      v = hn::MulAdd(hn::ConvertTo(DF(), x2), fb, pb);
    } else {
      u = hn::Mul(hn::ConvertTo(DF(), hn::Sub(x1, za)), fa);
      v = hn::Mul(hn::ConvertTo(DF(), hn::Sub(x2, zb)), fb);
    }
    u = simd::rounded(u);
    v = simd::rounded(v);
    return hn::Add(round_within(simd::rounded(hn::Mul(
                                    simd::rounded(minus ? hn::Sub(u, v) : hn::Add(u, v)), inverse)),
                                lo, hi),
                   z);
  }
};

template <class V> struct kernel<kernel_id::add, V> {
  static const add_params& params(const void* p) { return *static_cast<const add_params*>(p); }
  static bool small(dtype t) { return is_8bit(t) || t == dtype::s16; }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    if (!small(p.a_type) || !small(p.b_type) || !small(p.y_type)) return false;
    switch (p.mode) {
      case rounding::doubling_high_half_away:
      case rounding::float_half_even: return true;
      case rounding::xnnpack:
      case rounding::qnnpack: return is_8bit(p.a_type) && is_8bit(p.b_type) && p.shift <= 31;
      case rounding::fused_multiply_add:
      case rounding::aten: return simd::native_fma;
      case rounding::none:
      case rounding::doubling_high_half_up:
      case rounding::wide_half_up:
      case rounding::double_half_away:
      case rounding::float_bias_half_even:
      case rounding::float_zero_point_half_even:
      case rounding::eight_bit_ratio_half_up:
      case rounding::divide_half_away:
      case rounding::divide_half_even:
      case rounding::reciprocal_half_even:
      case rounding::tflite_optimized:
      case rounding::divide_truncate:
      case rounding::mxnet: break;
    }
    return false;
  }
  template <class Op>
  static void run_op(const Op& op, const add_params& p, const kernel_args& k, std::size_t begin,
                     std::size_t end) noexcept {
    binary(op, p.shape, p.a_type, p.b_type, p.y_type, k, begin, end);
  }
  template <bool Fma>
  static void run_fma(const add_params& p, const kernel_args& k, part_range r) noexcept {
    if constexpr (Fma) {
      if (p.mode == rounding::fused_multiply_add)
        return run_op(add_fma_op(p), p, k, r.begin, r.end);
      const std::size_t blocks = p.shape.count / 64 * 64, before = blocks < r.end ? blocks : r.end,
                        middle = before < r.begin ? r.begin : before;
      run_op(add_aten_op(p, true), p, k, r.begin, middle);
      run_op(add_aten_op(p, false), p, k, middle, r.end);
    }
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.shape.count, k.part, k.parts);
    if (p.mode == rounding::doubling_high_half_away)
      run_op(add_dr_op(p), p, k, r.begin, r.end);
    else if (p.mode == rounding::float_half_even)
      run_op(add_real_op(p), p, k, r.begin, r.end);
    else if (p.mode == rounding::xnnpack || p.mode == rounding::qnnpack)
      run_op(add_factors_op(p), p, k, r.begin, r.end);
    else
      run_fma<simd::native_fma>(p, k, r);
  }
  static const char* describe(const void*) { return "add"; }
  static constexpr kernel_entry value{&run, nullptr, nullptr, nullptr, &accepts, &describe, true};
  static constexpr const kernel_entry* entry = &value;
};

struct mul_op {
  V32 za, zb;
  uniform_requantize y;
  explicit HWY_INLINE mul_op(const mul_params& p)
      : za(set32(p.a_zero_point)), zb(set32(p.b_zero_point)), y(p.requant) {}
  HWY_INLINE V32 operator()(V32 x1, V32 x2) const {
    return y(hn::Mul(hn::Sub(x1, za), hn::Sub(x2, zb)));
  }
};
template <class V> struct kernel<kernel_id::mul, V> {
  static const mul_params& params(const void* p) { return *static_cast<const mul_params*>(p); }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    // The product fits int32: bytes always, int16 with zero points of 0.
    const bool a = is_8bit(p.a_type) || (p.a_type == dtype::s16 && p.a_zero_point == 0),
               b = is_8bit(p.b_type) || (p.b_type == dtype::s16 && p.b_zero_point == 0);
    return p.mode != rounding::none && a && b &&
           uniform_requantize::accepts(p.requant, dtype::s32, p.y_type);
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.shape.count, k.part, k.parts);
    binary(mul_op(p), p.shape, p.a_type, p.b_type, p.y_type, k, r.begin, r.end);
  }
  static const char* describe(const void*) { return "mul"; }
  static constexpr kernel_entry value{&run, nullptr, nullptr, nullptr, &accepts, &describe, true};
  static constexpr const kernel_entry* entry = &value;
};

// ---- one operand ----

template <class V> struct kernel<kernel_id::requantize, V> {
  static const requantize_op_params& params(const void* p) {
    return *static_cast<const requantize_op_params*>(p);
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    const bool in = is_8bit(p.in_type) || p.in_type == dtype::s16 ||
                    (p.in_type == dtype::s32 && p.in_zero_point == 0);
    return in && uniform_requantize::accepts(p.requant, p.in_type, p.out_type);
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.count, k.part, k.parts);
    const uniform_requantize op(p.requant);
    const V32 z = set32(p.in_zero_point);
    const std::size_t si = size_of(p.in_type), so = size_of(p.out_type);
    const auto* x = static_cast<const std::byte*>(k.in[0]);
    auto* y = static_cast<std::byte*>(k.out[0]);
    std::size_t i = r.begin;
    for (; i + lanes32 <= r.end; i += lanes32)
      simd::store_from32(p.out_type, op(hn::Sub(simd::load_as32(p.in_type, x + i * si), z)),
                         y + i * so);
    if (i < r.end)
      simd::store_some_from32(
          p.out_type, op(hn::Sub(simd::load_some_as32(p.in_type, x + i * si, r.end - i), z)),
          y + i * so, r.end - i);
  }
  static const char* describe(const void*) { return "requantize"; }
  static constexpr kernel_entry value{&run, nullptr, nullptr, nullptr, &accepts, &describe, true};
  static constexpr const kernel_entry* entry = &value;
};

struct quantize_op {
  rounding mode;
  VF scale, inverse, lo, hi;
  V32 z;
  explicit HWY_INLINE quantize_op(const quantize_params& p)
      : mode(p.mode),
        scale(set_float(p.scale[0])),
        inverse(set_float(p.inverse[0])),
        lo(set_float(static_cast<float>(p.lo - p.zero_point[0]))),
        hi(set_float(static_cast<float>(p.hi - p.zero_point[0]))),
        z(set32(p.zero_point[0])) {}
  HWY_INLINE V32 operator()(VF x) const {
    const VF v =
        simd::rounded(mode == rounding::divide_half_away || mode == rounding::divide_half_even
                          ? simd::divide(x, scale)
                          : hn::Mul(x, inverse));
    const V32 y =
        mode == rounding::divide_half_away ? round_away_within(v, lo, hi) : round_within(v, lo, hi);
    return hn::Add(y, z);
  }
};
template <class V> struct kernel<kernel_id::quantize, V> {
  static const quantize_params& params(const void* p) {
    return *static_cast<const quantize_params*>(p);
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    return p.channels == 1 && (is_8bit(p.out_type) || p.out_type == dtype::s16) &&
           (p.mode == rounding::divide_half_away || p.mode == rounding::divide_half_even ||
            p.mode == rounding::reciprocal_half_even || p.mode == rounding::tflite_optimized);
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.count, k.part, k.parts);
    const auto* x = static_cast<const float*>(k.in[0]);
    auto* y = static_cast<std::byte*>(k.out[0]);
    const std::size_t so = size_of(p.out_type), blocks = p.count / 8 * 8;
    const std::size_t end = p.mode == rounding::tflite_optimized && blocks < r.end
                                ? (blocks < r.begin ? r.begin : blocks)
                                : r.end;  // OPT's tail rounds another way
    const quantize_op op(p);
    std::size_t i = r.begin;
    for (; i + lanes32 <= end; i += lanes32)
      simd::store_from32(p.out_type, op(simd::load(x + i)), y + i * so);
    if (i < end)
      simd::store_some_from32(p.out_type, op(simd::load_some(x + i, end - i)), y + i * so, end - i);
    if (end == r.end) return;
    if (p.out_type == dtype::u8)
      reference::quantize(p, x, reinterpret_cast<std::uint8_t*>(y), end, r.end);
    else if (p.out_type == dtype::s8)
      reference::quantize(p, x, reinterpret_cast<std::int8_t*>(y), end, r.end);
    else
      reference::quantize(p, x, reinterpret_cast<std::int16_t*>(y), end, r.end);
  }
  static const char* describe(const void*) { return "quantize"; }
  static constexpr kernel_entry value{&run, nullptr, nullptr, nullptr, &accepts, &describe, true};
  static constexpr const kernel_entry* entry = &value;
};

template <class V> struct kernel<kernel_id::dequantize, V> {
  static const dequantize_params& params(const void* p) {
    return *static_cast<const dequantize_params*>(p);
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    return p.channels == 1 && (is_8bit(p.in_type) || p.in_type == dtype::s16) &&
           (p.mode == rounding::none || p.mode == rounding::tflite_optimized);
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.count, k.part, k.parts);
    const auto* x = static_cast<const std::byte*>(k.in[0]);
    auto* y = static_cast<float*>(k.out[0]);
    const std::size_t si = size_of(p.in_type),
                      blocks = p.mode == rounding::tflite_optimized ? p.count / 8 * 8 : 0;
    const VF s = set_float(p.scale[0]);
    // OPT, whole groups of 8: q * s plus the zero point's share, two roundings.
    const VF share = set_float(static_cast<float>(
        numerics::mul(-static_cast<double>(p.zero_point[0]), static_cast<double>(p.scale[0]))));
    const V32 z = set32(p.zero_point[0]);
    std::size_t i = r.begin;
    while (i < r.end) {
      const bool opt = i < blocks;
      const std::size_t end = opt && blocks < r.end ? blocks : r.end,
                        n = end - i < lanes32 ? end - i : lanes32;
      const V32 q = n == lanes32 ? simd::load_as32(p.in_type, x + i * si)
                                 : simd::load_some_as32(p.in_type, x + i * si, n);
      const VF v = opt ? hn::Add(simd::rounded(hn::Mul(hn::ConvertTo(DF(), q), s)), share)
                       : hn::Mul(hn::ConvertTo(DF(), hn::Sub(q, z)), s);
      if (n == lanes32)
        simd::store(v, y + i);
      else
        simd::store_some(v, y + i, n);
      i += n;
    }
  }
  static const char* describe(const void*) { return "dequantize"; }
  static constexpr kernel_entry value{&run, nullptr, nullptr, nullptr, &accepts, &describe, true};
  static constexpr const kernel_entry* entry = &value;
};

template <class V> struct kernel<kernel_id::lut8, V> {
  static void run(const kernel_args& k) noexcept {
    const auto& p = *static_cast<const lut8_params*>(k.params);
    const auto r = part_of(p.count, k.part, k.parts);
    const auto* x = static_cast<const std::uint8_t*>(k.in[0]);
    auto* y = static_cast<std::uint8_t*>(k.out[0]);
    std::size_t i = r.begin;
    for (; i + lanes8 <= r.end; i += lanes8)
      simd::store(simd::look_up(p.table.data(), simd::load(x + i)), y + i);
    for (; i < r.end; ++i) y[i] = p.table[x[i]];
  }
  static const char* describe(const void*) { return "table"; }
  static constexpr kernel_entry value{&run, nullptr, nullptr, nullptr, nullptr, &describe, true};
  static constexpr const kernel_entry* entry = &value;
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
// ---- octet/kernels/pool-inl.hpp
// qnn.max_pool2d, qnn.avg_pool2d and means over neighbouring axes: channels in lanes. Part of a
// pass: see pass-inl.hpp.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// Where the taps of one output pixel are.
struct pool_window {
  const std::byte* x;       // of the first tap, channel 0
  std::size_t row, column;  // bytes between taps
  std::int32_t rows, columns;
};

/// Maximum over the window of n channels from `at`.
inline HWY_NOINLINE void max_pixel(const pool_window& w, bool is_signed, std::int32_t lo,
                                   std::int32_t hi, std::size_t channels, std::byte* y) noexcept {
  // Unsigned order is signed order with the top bit flipped.
  const VU8 flip = simd::set_bytes(static_cast<std::uint8_t>(is_signed ? 0x80 : 0));
  const auto low = hn::Xor(simd::set_bytes(static_cast<std::uint8_t>(lo)), flip),
             high = hn::Xor(simd::set_bytes(static_cast<std::uint8_t>(hi)), flip);
  for (std::size_t c = 0; c < channels; c += lanes8) {
    const std::size_t n = channels - c < lanes8 ? channels - c : lanes8;
    VU8 best = hn::Zero(DU8());
    for (std::int32_t r = 0; r < w.rows; ++r) {
      const std::byte* at = w.x + as_size(r) * w.row + c;
      for (std::int32_t i = 0; i < w.columns; ++i, at += w.column)
        best = hn::Max(best, hn::Xor(simd::load_bytes(at, n), flip));
    }
    simd::store_bytes<lanes8>(hn::BitCast(D8(), hn::Xor(hn::Min(hn::Max(best, low), high), flip)),
                              y + c, static_cast<int>(n));
  }
}

/// Sums of lanes32 channels from `at` (n of them present), as int32.
HWY_INLINE V32 window_sum(const pool_window& w, dtype t, std::size_t c, std::size_t n) {
  V32 sum = zero32();
  const std::size_t size = size_of(t);
  for (std::int32_t r = 0; r < w.rows; ++r) {
    const std::byte* at = w.x + as_size(r) * w.row + c * size;
    if (n == lanes32)
      for (std::int32_t i = 0; i < w.columns; ++i, at += w.column)
        sum = hn::Add(sum, simd::load_as32(t, at));
    else
      for (std::int32_t i = 0; i < w.columns; ++i, at += w.column)
        sum = hn::Add(sum, simd::load_some_as32(t, at, n));
  }
  return sum;
}

template <class V> struct kernel<kernel_id::pool2d, V> {
  static const pool2d_params& params(const void* p) {
    return *static_cast<const pool2d_params*>(p);
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    if (!is_8bit(p.type)) return false;
    if (p.max) return true;
    if (std::int64_t{p.in_h} * p.in_w > (std::int64_t{1} << 22))
      return false;  // sums stay below 2^30
    switch (p.mode) {
      case rounding::divide_half_away:
      case rounding::float_half_even:
      case rounding::float_zero_point_half_even:
      case rounding::qnnpack:
      case rounding::aten:
      case rounding::divide_half_even: return true;
      case rounding::none:
      case rounding::doubling_high_half_away:
      case rounding::doubling_high_half_up:
      case rounding::wide_half_up:
      case rounding::double_half_away:
      case rounding::float_bias_half_even:
      case rounding::eight_bit_ratio_half_up:
      case rounding::reciprocal_half_even:
      case rounding::xnnpack:
      case rounding::fused_multiply_add:
      case rounding::tflite_optimized:
      case rounding::divide_truncate:
      case rounding::mxnet: break;
    }
    return false;
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto rows = part_of(product_of(p.batch, p.out_h), k.part, k.parts);
    const auto channels = as_size(p.channels);
    const std::size_t line = as_size(p.in_w) * channels;
    const image_extents image{p.in_h, p.in_w, p.channels};
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      const auto [n, oy] = image_row_of(row, p.out_h);
      const auto v = pool_taps(oy, p.out_h, p.in_h, p.window_h, p.stride_h, p.dilation_h, p.pad_top,
                               p.pad_bottom, p.adaptive);
      for (std::int32_t ox = 0; ox < p.out_w; ++ox) {
        const auto h = pool_taps(ox, p.out_w, p.in_w, p.window_w, p.stride_w, p.dilation_w,
                                 p.pad_left, p.pad_right, p.adaptive);
        pool_window w;
        w.rows = v.end > v.begin ? (v.end - v.begin + v.step - 1) / v.step : 0;
        w.columns = h.end > h.begin ? (h.end - h.begin + h.step - 1) / h.step : 0;
        if (w.columns == 0) w.rows = 0;
        w.row = as_size(v.step) * line, w.column = as_size(h.step) * channels;
        w.x = static_cast<const std::byte*>(k.in[0]);
        if (w.rows > 0) w.x += nhwc_index(image, n, v.begin, h.begin, 0);
        std::byte* y =
            static_cast<std::byte*>(k.out[0]) + (row * as_size(p.out_w) + as_size(ox)) * channels;
        if (p.max)
          max_pixel(w, p.type == dtype::s8, p.lo, p.hi, channels, y);
        else
          average_pixel(p, w,
                        p.divisor > 0         ? p.divisor
                        : p.count_include_pad ? v.counted * h.counted
                                              : w.rows * w.columns,
                        p.adaptive ? v.counted : p.window_h, p.adaptive ? h.counted : p.window_w,
                        y);
      }
    }
  }
  static HWY_NOINLINE void average_pixel(const pool2d_params& p, const pool_window& w,
                                         std::int32_t n, std::int32_t window_h,
                                         std::int32_t window_w, std::byte* y) noexcept {
    const auto channels = as_size(p.channels);
    const std::int32_t taps = w.rows * w.columns;
    // Factor and clamp of the float formulas; those that take raw sums have no zero point to add.
    const bool raw = p.mode == rounding::aten || p.mode == rounding::divide_half_even ||
                     p.mode == rounding::float_zero_point_half_even;
    const std::int32_t zero = raw ? 0 : p.zero_point;
    float factor = 0;
    if (p.mode == rounding::float_half_even || p.mode == rounding::float_zero_point_half_even)
      factor = static_cast<float>(numerics::div(p.ratio, static_cast<double>(n)));
    else if (p.mode == rounding::qnnpack)
      factor = numerics::div(p.in_scale,
                             numerics::mul(p.out_scale, static_cast<float>(window_h * window_w)));
    else if (p.mode == rounding::aten)
      factor = numerics::div(numerics::div(1.f, static_cast<float>(window_h)),
                             static_cast<float>(window_w));
    const VF f = set_float(factor), lo = set_float(static_cast<float>(p.lo - zero)),
             hi = set_float(static_cast<float>(p.hi - zero)),
             divisor = set_float(static_cast<float>(n)),
             zf = set_float(static_cast<float>(p.zero_point));
    const bool offsets = p.mode == rounding::float_half_even ||
                         p.mode == rounding::float_zero_point_half_even ||
                         p.mode == rounding::qnnpack;
    const V32 offset = set32(offsets ? taps * p.in_zero_point : 0), z = set32(zero);
    for (std::size_t c = 0; c < channels; c += lanes32) {
      const std::size_t have = channels - c < lanes32 ? channels - c : lanes32;
      V32 q;
      const V32 sum = hn::Sub(window_sum(w, p.type, c, have), offset);
      if (p.mode == rounding::divide_half_away) {
        alignas(alignment) std::int32_t each[lanes32];
        hn::Store(sum, D32(), each);
        for (std::size_t i = 0; i < have; ++i)
          each[i] = numerics::average(p, each[i], taps, n, window_h, window_w);
        q = hn::Load(D32(), each);
      } else {
        const VF s = hn::ConvertTo(DF(), sum);
        VF v = simd::rounded(p.mode == rounding::divide_half_even ? simd::divide(s, divisor)
                                                                  : hn::Mul(s, f));
        if (p.mode == rounding::float_zero_point_half_even) v = simd::rounded(hn::Add(v, zf));
        q = hn::Add(round_within(v, lo, hi), z);
      }
      if (have == lanes32)
        simd::store_from32(p.type, q, y + c);
      else
        simd::store_some_from32(p.type, q, y + c, have);
    }
  }
  static const char* describe(const void* p) {
    return p != nullptr && params(p).max ? "maximum" : p != nullptr ? "average" : "pool";
  }
  static constexpr kernel_entry value{&run, nullptr, nullptr, nullptr, &accepts, &describe, true};
  static constexpr const kernel_entry* entry = &value;
};

/// The larger elements of two vectors, or the smaller ones.
template <class T> HWY_INLINE simd::vec<T> extreme(bool max, simd::vec<T> a, simd::vec<T> b) {
  return max ? hn::Max(a, b) : hn::Min(a, b);
}
/// The largest of n >= 1 neighbours, or the smallest.
template <class T> HWY_INLINE T extreme_of(bool max, const T* x, std::size_t n) {
  constexpr auto all = as_size(simd::lanes<T>);
  T v = x[0];
  std::size_t i = 1;
  if (n >= all) {
    auto m = simd::load(x);
    for (i = all; i + all <= n; i += all) m = extreme<T>(max, m, simd::load(x + i));
    v = max ? simd::largest_lane<T>(m) : simd::smallest_lane<T>(m);
  }
  for (; i < n; ++i) v = (max ? x[i] > v : x[i] < v) ? x[i] : v;
  return v;
}
/// reduce_max and reduce_min of [outer][count][inner]: outputs [begin, end).
template <class T>
HWY_NOINLINE void reduce_extreme(bool max, const reduce_plan& p, const T* x, T* y,
                                 std::size_t begin, std::size_t end) noexcept {
  constexpr auto all = as_size(simd::lanes<T>);
  for (std::size_t o = begin; o < end;) {
    const std::size_t c = o % p.inner;
    const T* at = x + o / p.inner * p.count * p.inner + c;
    if (p.inner == 1) {
      y[o++] = extreme_of(max, at, p.count);
      continue;
    }
    const std::size_t left = p.inner - c < end - o ? p.inner - c : end - o,
                      have = left < all ? left : all;
    if (have == all) {
      auto m = simd::load(at);
      for (std::size_t k = 1; k < p.count; ++k)
        m = extreme<T>(max, m, simd::load(at + k * p.inner));
      simd::store(m, y + o);
    } else {
      auto m = simd::load_some(at, have);
      for (std::size_t k = 1; k < p.count; ++k)
        m = extreme<T>(max, m, simd::load_some(at + k * p.inner, have));
      simd::store_some(m, y + o, have);
    }
    o += have;
  }
}
template <class T>
HWY_INLINE void reduce_extreme(const mean_params& p, const kernel_args& k, part_range r) noexcept {
  reduce_extreme(p.op == reduction::max, p.plan, static_cast<const T*>(k.in[0]),
                 static_cast<T*>(k.out[0]), r.begin, r.end);
}

template <class V> struct kernel<kernel_id::mean, V> {
  static const mean_params& params(const void* p) { return *static_cast<const mean_params*>(p); }
  static bool compares(const mean_params& p) {
    return p.op == reduction::max || p.op == reduction::min;
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    if (compares(p))
      return p.mode == rounding::none && (is_8bit(p.type) || p.type == dtype::s16) &&
             p.type == p.out_type && p.plan.simple && p.plan.count > 0;
    if ((p.op != reduction::mean && p.op != reduction::sum) || p.mode == rounding::none ||
        p.type != p.out_type || !p.plan.simple)
      return false;
    // Sums stay below 2^31.
    return (is_8bit(p.type) && p.plan.count <= (std::size_t{1} << 23)) ||
           (p.type == dtype::s16 && p.plan.count <= (std::size_t{1} << 15));
  }
  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.plan.outputs, k.part, k.parts);
    if (compares(p)) {
      if (p.type == dtype::u8) return reduce_extreme<std::uint8_t>(p, k, r);
      if (p.type == dtype::s8) return reduce_extreme<std::int8_t>(p, k, r);
      return reduce_extreme<std::int16_t>(p, k, r);
    }
    const std::size_t size = size_of(p.type), inner = p.plan.inner;
    const auto* x = static_cast<const std::byte*>(k.in[0]);
    auto* y = static_cast<std::byte*>(k.out[0]);
    alignas(alignment) std::int32_t each[lanes32];
    for (std::size_t o = r.begin; o < r.end;) {
      const std::size_t outer = o / inner, c = o % inner;
      std::size_t have = 1;
      if (inner == 1) {
        const std::byte* at = x + outer * p.plan.count * size;
        V32 sum = zero32();
        std::size_t i = 0;
        for (; i + lanes32 <= p.plan.count; i += lanes32)
          sum = hn::Add(sum, simd::load_as32(p.type, at + i * size));
        if (i < p.plan.count)
          sum = hn::Add(sum, simd::load_some_as32(p.type, at + i * size, p.plan.count - i));
        each[0] = simd::sum_of_lanes(sum);
      } else {
        have = inner - c < lanes32 ? inner - c : lanes32;
        if (have > r.end - o) have = r.end - o;
        const pool_window w{x + outer * p.plan.count * inner * size, 0, inner * size, 1,
                            static_cast<std::int32_t>(p.plan.count)};
        hn::Store(window_sum(w, p.type, c, have), D32(), each);
      }
      for (std::size_t i = 0; i < have; ++i) {
        const std::int32_t q = numerics::mean_value(p, each[i]);
        std::memcpy(y + (o + i) * size, &q, size);  // little-endian: the low bytes
      }
      o += have;
    }
  }
  static const char* describe(const void* p) {
    return p != nullptr && compares(params(p)) ? "extreme" : "mean";
  }
  static constexpr kernel_entry value{&run, nullptr, nullptr, nullptr, &accepts, &describe, true};
  static constexpr const kernel_entry* entry = &value;
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
// ---- octet/kernels/resize-inl.hpp
// resize_bilinear for the target of the pass: channels in lanes, the four taps and both weights of
// a pixel for all of them.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// The four taps of one output pixel, each `channels` elements of T.
template <class T> struct resize_pixel {
  const T *tl, *tr, *bl, *br;
  T* to;
};
template <class T> HWY_INLINE VF load_floats(const T* p) {
  if constexpr (std::is_floating_point_v<T>)
    return simd::load(p);
  else
    return hn::ConvertTo(DF(), simd::load_as32(p));
}

/// TFLite's 10-bit weights, 8-bit values: the sum of the four products stays below 2^30 also where
/// a weight is negative (both taps are one pixel then).
template <class T> struct blend_q10_lanes {
  V32 w_tl, w_bl, w_tr, w_br;
  HWY_INLINE blend_q10_lanes(const bilinear_tap& v, const bilinear_tap& h)
      : w_tl(set32((1024 - v.weight) * (1024 - h.weight))),
        w_bl(set32(v.weight * (1024 - h.weight))),
        w_tr(set32((1024 - v.weight) * h.weight)),
        w_br(set32(v.weight * h.weight)) {}
  HWY_INLINE void operator()(const resize_pixel<T>& p, std::size_t i) const {
    const V32 sum = hn::Add(
        hn::Add(hn::Mul(simd::load_as32(p.tl + i), w_tl), hn::Mul(simd::load_as32(p.bl + i), w_bl)),
        hn::Add(hn::Mul(simd::load_as32(p.tr + i), w_tr),
                hn::Mul(simd::load_as32(p.br + i), w_br)));
    // Ties away from zero: halves are added to the magnitude.
    simd::store_from32(shift_magnitude(sum, set32(1 << 19), by<20>), p.to + i);
  }
};
template <class T> struct blend_xnn_lanes {
  V32 wy, wx;
  HWY_INLINE blend_xnn_lanes(const bilinear_tap& v, const bilinear_tap& h)
      : wy(set32(v.weight)), wx(set32(h.weight)) {}
  HWY_INLINE void operator()(const resize_pixel<T>& p, std::size_t i) const {
    const V32 tl = simd::load_as32(p.tl + i), bl = simd::load_as32(p.bl + i);
    const V32 t = hn::Add(hn::ShiftLeft<11>(tl),
                          hn::Mul(hn::Sub(simd::load_as32(p.tr + i), tl), wx)),
              b = hn::Add(hn::ShiftLeft<11>(bl),
                          hn::Mul(hn::Sub(simd::load_as32(p.br + i), bl), wx));
    const V32 y = hn::ShiftRight<22>(
        hn::Add(hn::Add(hn::ShiftLeft<11>(t), hn::Mul(hn::Sub(b, t), wy)), set32(1 << 21)));
    simd::store_from32(y, p.to + i);
  }
};
/// binary32, four products left to right; 8-bit results: + 0.5, truncated.
template <class T> struct blend_float_lanes {
  VF fy, gy, fx, gx;
  HWY_INLINE blend_float_lanes(const bilinear_tap& v, const bilinear_tap& h)
      : fy(set_float(v.fraction)),
        gy(set_float(numerics::sub(1.f, v.fraction))),
        fx(set_float(h.fraction)),
        gx(set_float(numerics::sub(1.f, h.fraction))) {}
  static HWY_INLINE VF product(const T* x, VF y, VF w) {
    return simd::rounded(hn::Mul(simd::rounded(hn::Mul(load_floats(x), y)), w));
  }
  HWY_INLINE void operator()(const resize_pixel<T>& p, std::size_t i) const {
    VF s = product(p.tl + i, gy, gx);
    s = simd::rounded(hn::Add(s, product(p.bl + i, fy, gx)));
    s = simd::rounded(hn::Add(s, product(p.tr + i, gy, fx)));
    s = simd::rounded(hn::Add(s, product(p.br + i, fy, fx)));
    if constexpr (std::is_floating_point_v<T>)
      simd::store(s, p.to + i);
    else
      simd::store_from32(hn::ConvertTo(D32(), simd::rounded(hn::Add(s, set_float(0.5f)))),
                         p.to + i);
  }
};

/// One pixel: whole vectors, the last one moved back so that it ends with the channels (equal
/// values are written twice); fewer channels than lanes go through buffers.
template <class T, class Blend>
HWY_INLINE void blend_pixel(const resize_pixel<T>& p, const Blend& blend, std::size_t channels) {
  constexpr std::size_t lanes = as_size(lanes32);
  if (channels < lanes) {
    T buffer[5][lanes] = {};
    const T* from[4] = {p.tl, p.tr, p.bl, p.br};
    for (std::size_t k = 0; k < 4; ++k) std::memcpy(buffer[k], from[k], channels * sizeof(T));
    blend(resize_pixel<T>{buffer[0], buffer[1], buffer[2], buffer[3], buffer[4]}, 0);
    std::memcpy(p.to, buffer[4], channels * sizeof(T));
    return;
  }
  for (std::size_t i = 0; i + lanes <= channels; i += lanes) blend(p, i);
  if (channels % lanes != 0) blend(p, channels - lanes);
}
template <class T, class Blend>
HWY_NOINLINE void resize_rows(const resize_params& p, const T* x, T* y, std::size_t begin,
                              std::size_t end) {
  const auto channels = as_size(p.channels);
  const image_extents image{p.in_h, p.in_w, p.channels};
  for (std::size_t row = begin; row < end; ++row) {
    const auto [n, oy] = image_row_of(row, p.out_h);
    const bilinear_tap v = p.row_taps[oy];
    const T *top = x + nhwc_index(image, n, v.lo, 0, 0),
            *bottom = x + nhwc_index(image, n, v.hi, 0, 0);
    T* to = y + row * product_of(p.out_w, p.channels);
    for (std::int32_t ox = 0; ox < p.out_w; ++ox, to += channels) {
      const bilinear_tap h = p.column_taps[ox];
      const std::size_t l = as_size(h.lo) * channels, r = as_size(h.hi) * channels;
      blend_pixel(resize_pixel<T>{top + l, top + r, bottom + l, bottom + r, to}, Blend(v, h),
                  channels);
    }
  }
}

template <class V> struct kernel<kernel_id::resize_bilinear, V> {
  static const resize_params& params(const void* p) {
    return *static_cast<const resize_params*>(p);
  }
  template <class T>
  static void integers(const resize_params& p, const kernel_args& a, part_range r) noexcept {
    const auto* x = static_cast<const T*>(a.in[0]);
    auto* y = static_cast<T*>(a.out[0]);
    if (p.mode == rounding::doubling_high_half_away)
      resize_rows<T, blend_q10_lanes<T>>(p, x, y, r.begin, r.end);
    else if (p.mode == rounding::xnnpack)
      resize_rows<T, blend_xnn_lanes<T>>(p, x, y, r.begin, r.end);
    else
      resize_rows<T, blend_float_lanes<T>>(p, x, y, r.begin, r.end);
  }
  static void run(const kernel_args& a) noexcept {
    const auto& p = params(a.params);
    const part_range r = part_of(product_of(p.batch, p.out_h), a.part, a.parts);
    if (p.type == dtype::f32)
      resize_rows<float, blend_float_lanes<float>>(p, static_cast<const float*>(a.in[0]),
                                                   static_cast<float*>(a.out[0]), r.begin, r.end);
    else if (p.type == dtype::u8)
      integers<std::uint8_t>(p, a, r);
    else
      integers<std::int8_t>(p, a, r);
  }
  static bool accepts(const void* p) {
    const auto& q = params(p);
    if (q.type == dtype::f32) return q.mode == rounding::none;
    return is_8bit(q.type) &&
           (q.mode == rounding::doubling_high_half_away || q.mode == rounding::xnnpack ||
            (q.mode == rounding::tflite_optimized && q.type == dtype::u8));
  }
  static const char* describe(const void*) { return "resize by channels"; }
  static constexpr kernel_entry value{&run, nullptr, nullptr, nullptr, &accepts, &describe, true};
  static constexpr const kernel_entry* entry = &value;
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
// ---- octet/kernels/softmax-inl.hpp
// qnn.softmax and qnn.log_softmax over contiguous rows of bytes. Part of a pass: see pass-inl.hpp.
// Sums of float tables run in the row's own order, as the reference's; several rows at a time hide
// the additions' latency. Given its row, an output is a function of one byte: short rows compute it
// per element, long ones once per byte value, and look it up.
#if defined(OCTET_KERNEL_PASS)

OCTET_NAMESPACE_BEGIN
namespace OCTET_TARGET_NS {

/// Largest of n >= 1 bytes after xor with flip.
inline HWY_NOINLINE std::uint8_t largest_byte(const std::uint8_t* x, std::size_t n,
                                              std::uint8_t flip) noexcept {
  const VU8 f = simd::set_bytes(flip);
  std::uint8_t most = 0;
  std::size_t i = 0;
  if (n >= lanes8) {
    VU8 m = hn::Xor(simd::load(x), f);
    for (i = lanes8; i + lanes8 <= n; i += lanes8) m = hn::Max(m, hn::Xor(simd::load(x + i), f));
    most = simd::largest_lane<std::uint8_t>(m);
  }
  for (; i < n; ++i) {
    const auto v = static_cast<std::uint8_t>(x[i] ^ flip);
    most = v > most ? v : most;
  }
  return most;
}

// What one row makes of a byte. `index`: difference from the maximum (DR), or the place in the
// table. entries(i): of lanes32 neighbours from i on.
struct softmax_dr_op {
  const std::int32_t* table;  // exp by difference
  V32 inverse, low, high, offset;
  int shift;  // 1 or more
  HWY_INLINE V32 of(V32 e) const {
    // Not negative, so that ties go up; beyond 31 nothing is left of 31 bits.
    const V32 v = shift > 31 ? zero32() : shift_up(simd::doubling_high(inverse, e), shift - 1);
    return hn::Min(hn::Max(hn::Add(v, offset), low), high);
  }
  HWY_INLINE V32 entries(std::size_t i) const { return of(simd::load(table + i)); }
  HWY_INLINE V32 operator()(V32 index) const { return of(hn::GatherIndex(D32(), table, index)); }
};
struct log_softmax_dr_op {
  V32 m, log_sum, least, low, high;  // high: also the zero point
  int left;
  HWY_INLINE V32 operator()(V32 index) const {
    const V32 d = hn::Neg(index);
    const V32 h = hn::Max(hn::Sub(simd::doubling_high(hn::ShiftLeftSame(d, left), m), log_sum),
                          set32(INT32_MIN + 1));  // both ends round to the same
    const V32 v = shift_away(h, by<21>);
    return hn::IfThenElse(hn::Gt(d, least), hn::Min(hn::Max(hn::Add(v, high), low), high), low);
  }
  HWY_INLINE V32 entries(std::size_t i) const {
    return (*this)(hn::Iota(D32(), static_cast<std::int32_t>(i)));
  }
};
/// Float tables: of OPT by x - max, of EVEN_MUL by x.
struct softmax_table_op {
  const float* table;
  rounding mode;
  bool up;  // OPT to uint8: half up; else halves away from zero
  VF factor, sum, lo,
      hi;  // EVEN_MUL: table / sum * factor; OPT: table * factor
  V32 z;
  HWY_INLINE V32 of(VF e) const {
    if (mode == rounding::reciprocal_half_even)
      return hn::Add(
          round_within(simd::rounded(hn::Mul(simd::rounded(simd::divide(e, sum)), factor)), lo, hi),
          z);
    // Cut first: the bounds are whole numbers below 2^17; below zero lies only the bound itself.
    const VF v = simd::rounded(hn::Mul(e, factor));
    return hn::Add(up ? round_up_within(v, lo, hi) : round_away_within(v, lo, hi), z);
  }
  HWY_INLINE V32 entries(std::size_t i) const { return of(simd::load(table + i)); }
  HWY_INLINE V32 operator()(V32 index) const { return of(hn::GatherIndex(DF(), table, index)); }
};
/// OPT's log_softmax: linear in x. `index` is x's byte, `flip` 0x80 for int8.
struct log_softmax_opt_op {
  VF scale, shift, lo, hi;
  V32 z, flip;
  HWY_INLINE V32 operator()(V32 index) const {
    return hn::Add(
        round_within(simd::rounded(hn::Sub(
                         simd::rounded(hn::Mul(
                             scale, hn::ConvertTo(DF(), hn::Sub(hn::Xor(index, flip), flip)))),
                         shift)),
                     lo, hi),
        z);
  }
  HWY_INLINE V32 entries(std::size_t i) const {
    return (*this)(hn::Iota(D32(), static_cast<std::int32_t>(i)));
  }
};

/// (from + x) & 255 of bytes as int32, or (from - x) & 255.
struct softmax_index {
  V32 sign, base;
  HWY_INLINE softmax_index(bool negative, std::uint8_t from)
      : sign(set32(negative ? -1 : 0)), base(set32(from)) {}
  HWY_INLINE V32 operator()(V32 x) const {
    return hn::And(hn::Add(with_sign(x, sign), base), set32(255));
  }
};
/// y[i] = op((from + x[i]) & 255), or with from - x[i].
template <class Op>
HWY_NOINLINE void softmax_outputs(const Op& op, const std::uint8_t* x, bool negative,
                                  std::uint8_t from, dtype out, std::byte* y,
                                  std::size_t n) noexcept {
  if (n < 192) {
    const softmax_index index(negative, from);
    const std::size_t size = size_of(out);
    const auto* bytes = reinterpret_cast<const std::byte*>(x);
    std::size_t i = 0;
    for (; i + lanes32 <= n; i += lanes32)
      simd::store_from32(out, op(index(simd::load_as32(x + i))), y + i * size);
    if (i < n)
      simd::store_some_from32(out, op(index(simd::load_some_as32(dtype::u8, bytes + i, n - i))),
                              y + i * size, n - i);
    return;
  }
  alignas(alignment) std::byte table[512];
  const std::size_t size = size_of(out);
  for (std::size_t i = 0; i < 256; i += lanes32)
    simd::store_from32(out, op.entries(i), table + i * size);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(table);
  std::size_t i = 0;
  if (size == 1) {
    const VU8 base = simd::set_bytes(from);
    auto* to = reinterpret_cast<std::uint8_t*>(y);
    for (; i + lanes8 <= n; i += lanes8) {
      const VU8 v = simd::load(x + i);
      simd::store(simd::look_up(bytes, negative ? hn::Sub(base, v) : hn::Add(base, v)), to + i);
    }
  }
  for (; i < n; ++i)
    std::memcpy(
        y + i * size,
        table + as_size(static_cast<std::uint8_t>(negative ? from - x[i] : from + x[i])) * size,
        size);
}

template <class V> struct kernel<kernel_id::softmax, V> {
  static constexpr std::size_t together = 4;  // rows whose sums run side by side
  static const softmax_params& params(const void* p) {
    return *static_cast<const softmax_params*>(p);
  }
  static bool accepts(const void* v) {
    const auto& p = params(v);
    if (!is_8bit(p.in_type) || !(is_8bit(p.out_type) || p.out_type == dtype::s16) || p.inner != 1)
      return false;
    switch (p.mode) {
      case rounding::doubling_high_half_away:
        return p.exp != nullptr && p.depth < 8192;  // sums stay below 2^32
      case rounding::tflite_optimized: return p.table != nullptr;
      case rounding::reciprocal_half_even: return !p.log;
      case rounding::none:
      case rounding::doubling_high_half_up:
      case rounding::wide_half_up:
      case rounding::double_half_away:
      case rounding::float_half_even:
      case rounding::float_bias_half_even:
      case rounding::float_zero_point_half_even:
      case rounding::eight_bit_ratio_half_up:
      case rounding::divide_half_away:
      case rounding::divide_half_even:
      case rounding::xnnpack:
      case rounding::qnnpack:
      case rounding::fused_multiply_add:
      case rounding::aten:
      case rounding::divide_truncate:
      case rounding::mxnet: break;
    }
    return false;
  }
  static HWY_NOINLINE void row_dr(const softmax_params& p, const std::uint8_t* x, std::uint8_t most,
                                  std::byte* y) noexcept {
    // 31 of the 32 bits of a sum: each exp, rounded to Q12.19, is at most 2^19.
    std::uint32_t each[4] = {};
    std::size_t i = 0;
    for (; i + 4 <= p.depth; i += 4)
      for (std::size_t k = 0; k < 4; ++k)
        each[k] += (static_cast<std::uint32_t>(p.exp[static_cast<std::uint8_t>(most - x[i + k])]) +
                    2048u) >>
                   12;
    for (; i < p.depth; ++i)
      each[0] +=
          (static_cast<std::uint32_t>(p.exp[static_cast<std::uint8_t>(most - x[i])]) + 2048u) >> 12;
    const std::uint32_t sum = each[0] + each[1] + each[2] + each[3];
    using q = numerics::fixed32;
    if (p.log) {
      const std::int32_t log_sum = numerics::fixed_log(static_cast<std::int32_t>(sum), 12, 5);
      const std::int32_t bound = numerics::doubling_high_half_away(q::add(log_sum, INT32_MIN),
                                                                   p.reverse),
                         least = p.diff_min - 1 > bound ? p.diff_min - 1 : bound;
      const log_softmax_dr_op op{set32(p.mult.m), set32(log_sum), set32(least),
                                 set32(p.lo),     set32(p.hi),    p.mult.shift};
      return softmax_outputs(op, x, true, most, p.out_type, y, p.depth);
    }
    const int room = std::countl_zero(sum);
    const std::int32_t inverse = q::reciprocal_of_one_plus(
        static_cast<std::int32_t>((sum << room) - (std::uint32_t{1} << 31)));
    const softmax_dr_op op{p.exp,
                           set32(inverse),
                           set32(p.lo),
                           set32(p.hi),
                           set32(static_cast<std::int32_t>(lowest_of(p.out_type))),
                           12 - room + 31 - 8 * static_cast<int>(size_of(p.out_type))};
    softmax_outputs(op, x, true, most, p.out_type, y, p.depth);
  }
  static HWY_NOINLINE void row_table(const softmax_params& p, const float* table,
                                     const std::uint8_t* x, std::uint8_t from, std::int32_t most,
                                     float sum, std::byte* y) noexcept {
    const VF lo = set_float(static_cast<float>(p.lo - p.out_zero_point)),
             hi = set_float(static_cast<float>(p.hi - p.out_zero_point));
    const V32 z = set32(p.out_zero_point);
    if (p.log) {
      const float scale = numerics::div(p.in_scale, p.out_scale),
                  shift = numerics::div(
                      numerics::add(numerics::mul(p.in_scale, static_cast<float>(most)),
                                    numerics::log_f32(sum)),
                      p.out_scale);
      const log_softmax_opt_op op{
          set_float(scale), set_float(shift), lo, hi, z, set32(p.in_type == dtype::s8 ? 0x80 : 0)};
      return softmax_outputs(op, x, false, 0, p.out_type, y, p.depth);
    }
    const float factor = p.mode == rounding::tflite_optimized
                             ? numerics::div(1.f, numerics::mul(sum, p.out_scale))
                             : p.inverse;
    const softmax_table_op op{
        table, p.mode, p.out_type == dtype::u8, set_float(factor), set_float(sum), lo, hi, z};
    softmax_outputs(op, x, false, from, p.out_type, y, p.depth);
  }

  /// EVEN_MUL's exponentials by byte, kept from row to row while the maximum is the same.
  struct exp_memo {
    float value[256];
    bool known[256];
    int of = -1;
    void start(std::int32_t maximum) {
      if (of == maximum) return;
      std::memset(known, 0, sizeof(known));
      std::memset(value, 0, sizeof(value));
      of = maximum;
    }
  };
  /// The sum of exp over a row, in its order.
  static HWY_NOINLINE float sum_even_mul(const softmax_params& p, const std::uint8_t* x, bool s8,
                                         std::int32_t maximum, exp_memo& memo) noexcept {
    memo.start(maximum);
    const auto scaled = numerics::mul(static_cast<float>(maximum - p.in_zero_point), p.in_scale);
    float sum = 0;
    for (std::size_t i = 0; i < p.depth; ++i) {
      const std::uint8_t b = x[i];
      if (!memo.known[b]) {
        const auto v = static_cast<float>(number(b, s8) - p.in_zero_point);
        const float below = numerics::sub(numerics::mul(v, p.in_scale), scaled);
        memo.value[b] = numerics::exp_f32(numerics::mul(below, p.beta));
        memo.known[b] = true;
      }
      sum = numerics::add(sum, memo.value[b]);
    }
    return sum;
  }
  /// OPT: sums of `Rows` rows side by side, each in its own order. from: of each row, where
  /// its maximum's entry is the table's last.
  template <std::size_t Rows>
  static HWY_INLINE void sum_tables(const softmax_params& p, const std::uint8_t* x,
                                    const std::uint8_t* from, float* sum) noexcept {
    for (std::size_t j = 0; j < Rows; ++j) sum[j] = 0;
    for (std::size_t i = 0; i < p.depth; ++i)
      for (std::size_t j = 0; j < Rows; ++j)
        sum[j] =
            numerics::add(sum[j], p.table[static_cast<std::uint8_t>(from[j] + x[j * p.depth + i])]);
  }
  static std::int32_t number(std::uint8_t b, bool s8) noexcept {
    return s8 ? static_cast<std::int8_t>(b) : b;
  }
  /// The largest element, as the type's byte.
  static std::uint8_t maximum(const std::uint8_t* x, std::size_t n, bool s8) noexcept {
    const std::uint8_t flip = s8 ? 0x80 : 0;
    return static_cast<std::uint8_t>(largest_byte(x, n, flip) ^ flip);
  }
  /// `Rows` rows of OPT.
  template <std::size_t Rows>
  static HWY_INLINE void rows_table(const softmax_params& p, const std::uint8_t* x, bool s8,
                                    std::byte* y) noexcept {
    std::uint8_t most[Rows], from[Rows];
    float sum[Rows];
    for (std::size_t j = 0; j < Rows; ++j) {
      most[j] = maximum(x + j * p.depth, p.depth, s8);
      from[j] = static_cast<std::uint8_t>(255 - most[j]);
    }
    sum_tables<Rows>(p, x, from, sum);
    for (std::size_t j = 0; j < Rows; ++j)
      row_table(p, p.table, x + j * p.depth, from[j], number(most[j], s8), sum[j],
                y + j * p.depth * size_of(p.out_type));
  }

  static void run(const kernel_args& k) noexcept {
    const auto& p = params(k.params);
    const auto r = part_of(p.outer, k.part, k.parts);
    if (p.depth == 0) return;
    const std::size_t out_row = p.depth * size_of(p.out_type);
    const bool s8 = p.in_type == dtype::s8;
    const auto* x = static_cast<const std::uint8_t*>(k.in[0]) + r.begin * p.depth;
    auto* y = static_cast<std::byte*>(k.out[0]) + r.begin * out_row;
    exp_memo memo;
    for (std::size_t left = r.end - r.begin; left != 0;) {
      std::size_t rows = 1;
      if (p.mode == rounding::doubling_high_half_away) {
        row_dr(p, x, maximum(x, p.depth, s8), y);
      } else if (p.mode == rounding::reciprocal_half_even) {
        const std::int32_t most = number(maximum(x, p.depth, s8), s8);
        const float sum = sum_even_mul(p, x, s8, most, memo);
        row_table(p, memo.value, x, 0, most, sum, y);
      } else if (left >= together) {
        rows_table<together>(p, x, s8, y);
        rows = together;
      } else {
        rows_table<1>(p, x, s8, y);
      }
      x += rows * p.depth;
      y += rows * out_row;
      left -= rows;
    }
  }
  static const char* describe(const void*) { return "softmax"; }
  static constexpr kernel_entry value{&run, nullptr, nullptr, nullptr, &accepts, &describe, true};
  static constexpr const kernel_entry* entry = &value;
};

}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
#endif

#if defined(OCTET_TEST_PASS)
#include OCTET_TEST_PASS
#endif

#if OCTET_QUAD == 3
#if HWY_COMPILER_GCC_ACTUAL
HWY_POP_ATTRIBUTES
#endif
#else
HWY_AFTER_NAMESPACE();
#endif
#undef OCTET_TARGET_NS
#undef OCTET_BASE_NS
#undef OCTET_QUAD

#endif  // !OCTET_PASS_NONE
#endif  // OCTET_KERNEL_PASS
#elif !defined(OCTET_SINGLE_HPP_)
#define OCTET_SINGLE_HPP_
#if !defined(OCTET_SINGLE_FILE)
#define OCTET_SINGLE_FILE "octet.hpp"
#endif
// ---- octet/core/config.hpp
// octet: version, build modes and the few macros every header needs.

#define OCTET_VERSION_MAJOR 0
#define OCTET_VERSION_MINOR 1
#define OCTET_VERSION_PATCH 0
#define OCTET_VERSION_STRING "0.1.0"

// Build modes:
//   (default)                          everything inline, in every file that includes it
//   OCTET_EXTERN                       declarations only; link octet::compiled or one
//   OCTET_IMPLEMENTATION file OCTET_EXTERN, OCTET_IMPLEMENTATION the one file that defines what
//   OCTET_EXTERN declares
#if !defined(OCTET_EXTERN) || defined(OCTET_IMPLEMENTATION)
#define OCTET_HAS_DEFINITIONS 1
#else
#define OCTET_HAS_DEFINITIONS 0
#endif
#if defined(OCTET_EXTERN)
#define OCTET_INLINE
#else
#define OCTET_INLINE inline
#endif

// In the inline mode two files built with different -march flags see different code for the same
// inline function. The inline namespace is named after the instruction set of the file, so that the
// linker cannot merge them (it did: FMA code then ran on a CPU without it). One name per
// instruction set that changes which kernel passes such a file compiles (kernels/targets.hpp), or
// how scalar code is compiled.
#if defined(OCTET_EXTERN)
#define OCTET_ABI v0
#elif defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && \
    defined(__AVX512VL__) && defined(__AVX512VNNI__)
#define OCTET_ABI v0_avx512_vnni
#elif defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && \
    defined(__AVX512VL__)
#define OCTET_ABI v0_avx512
#elif defined(__AVX512F__)
#define OCTET_ABI v0_avx512f
#elif defined(__AVX2__) && defined(__FMA__) && defined(__AES__) && defined(__PCLMUL__)
#define OCTET_ABI v0_avx2_fma_aes
#elif defined(__AVX2__) && defined(__FMA__)
#define OCTET_ABI v0_avx2_fma
#elif defined(__AVX2__)
#define OCTET_ABI v0_avx2
#elif defined(__AVX__)
#define OCTET_ABI v0_avx
#elif defined(__SSE4_2__) && defined(__AES__) && defined(__PCLMUL__)
#define OCTET_ABI v0_sse4_aes
#elif defined(__SSE4_2__)
#define OCTET_ABI v0_sse4
#elif defined(__SSSE3__)
#define OCTET_ABI v0_ssse3
#elif defined(__ARM_FEATURE_SVE)
#define OCTET_ABI v0_sve
#elif defined(__ARM_FEATURE_DOTPROD)
#define OCTET_ABI v0_dotprod
#else
#define OCTET_ABI v0_base
#endif

#if defined(__clang__) || defined(__GNUC__)
#define OCTET_ALWAYS_INLINE inline __attribute__((always_inline))
#define OCTET_NOINLINE __attribute__((noinline))
#else
#define OCTET_ALWAYS_INLINE inline
#define OCTET_NOINLINE
#endif

// Between these two, floating-point arithmetic means exactly what it says, whatever flags the user
// builds with (-ffast-math, -ffp-contract=fast). See also numerics/fp.hpp, rounded().
#if defined(__clang__)
#define OCTET_FP_EXACT_BEGIN                                           \
  _Pragma("float_control(push)") _Pragma("float_control(precise, on)") \
      _Pragma("clang fp contract(off)")
#define OCTET_FP_EXACT_END _Pragma("float_control(pop)")
#elif defined(__GNUC__)
#define OCTET_FP_EXACT_BEGIN \
  _Pragma("GCC push_options") _Pragma("GCC optimize(\"no-fast-math\",\"fp-contract=off\")")
#define OCTET_FP_EXACT_END _Pragma("GCC pop_options")
#else
#error "octet builds with g++ and clang++"
#endif

// Opens and closes octet's namespace, in every header, and with it exact arithmetic. Inner
// namespaces are opened by hand inside, so that editors and ctags see plain code.
#define OCTET_NAMESPACE_BEGIN \
  OCTET_FP_EXACT_BEGIN        \
  namespace octet {           \
  inline namespace OCTET_ABI {
#define OCTET_NAMESPACE_END \
  }                         \
  }                         \
  OCTET_FP_EXACT_END

// ---- octet/core/enumerators.hpp
// What can be asked of any of octet's enumerations: its enumerators, and the one of a given name.
//
// There is one list beside the enumeration itself: its name_of(), a switch without `default`, which
// does not compile while an enumerator is missing (-Wswitch-enum is an error in octet's own build).
// Whatever iterates or looks up takes the enumerators from there.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>


OCTET_NAMESPACE_BEGIN

/// What name_of() returns for a value that is none of the enumerators (a number from a file).
inline constexpr std::string_view no_enumerator = "?";

/// True where `e` is one of the enumerators of E, not just a number of its underlying type.
template <class E> constexpr bool is_enumerator(E e) noexcept {
  return name_of(e) != no_enumerator;
}

namespace detail {
/// f(e) for each enumerator, in the order of their values.
template <class E, class F> constexpr void for_each_enumerator(F&& f) {
  static_assert(sizeof(E) == 1, "octet's enumerations have one byte, so that all values are tried");
  for (int v = 0; v < 256; ++v)
    if (const auto e = static_cast<E>(static_cast<std::uint8_t>(v)); is_enumerator(e)) f(e);
}
template <class E> constexpr std::size_t count_enumerators() {
  std::size_t n = 0;
  for_each_enumerator<E>([&](E) { ++n; });
  return n;
}
template <class E> constexpr auto list_enumerators() {
  std::array<E, count_enumerators<E>()> list{};
  std::size_t n = 0;
  for_each_enumerator<E>([&](E e) { list[n++] = e; });
  return list;
}
}  // namespace detail

/// Every enumerator of E in the order of their values (of those name_of() names): a std::array.
template <class E> inline constexpr auto enumerators = detail::list_enumerators<E>();

/// The enumerator whose name_of() is `name`; nothing where there is none.
template <class E> constexpr std::optional<E> enumerator_named(std::string_view name) noexcept {
  for (const E e : enumerators<E>)
    if (name_of(e) == name) return e;
  return std::nullopt;
}

OCTET_NAMESPACE_END

// ---- octet/core/types.hpp
// Element types and the distinct types for distinct units.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>


OCTET_NAMESPACE_BEGIN

/// Element type of a tensor.
enum class dtype : std::uint8_t { f32, f64, s8, u8, s16, u16, s32, u32, s64, u64, boolean, f16 };

/// Size of one element in bytes.
constexpr std::size_t size_of(dtype t) noexcept {
  switch (t) {
    case dtype::s8:
    case dtype::u8:
    case dtype::boolean: return 1;
    case dtype::s16:
    case dtype::u16:
    case dtype::f16: return 2;
    case dtype::f32:
    case dtype::s32:
    case dtype::u32: return 4;
    case dtype::f64:
    case dtype::s64:
    case dtype::u64: return 8;
  }
  return 0;
}

/// Name as numpy spells it ("uint8", "float32", ...).
constexpr std::string_view name_of(dtype t) noexcept {
  switch (t) {
    case dtype::f32: return "float32";
    case dtype::f64: return "float64";
    case dtype::s8: return "int8";
    case dtype::u8: return "uint8";
    case dtype::s16: return "int16";
    case dtype::u16: return "uint16";
    case dtype::s32: return "int32";
    case dtype::u32: return "uint32";
    case dtype::s64: return "int64";
    case dtype::u64: return "uint64";
    case dtype::boolean: return "bool";
    case dtype::f16: return "float16";
  }
  return no_enumerator;
}

constexpr bool is_float(dtype t) noexcept {
  return t == dtype::f32 || t == dtype::f64 || t == dtype::f16;
}
constexpr bool is_8bit(dtype t) noexcept { return t == dtype::s8 || t == dtype::u8; }

/// Smallest and largest value of an integer element type. The result is an int64: uint64 gives the
/// largest of those. Element types of real numbers have no bounds of their own here: the smallest
/// is 0, the largest that of int64.
constexpr std::int64_t lowest_of(dtype t) noexcept {
  switch (t) {
    case dtype::s8: return -128;
    case dtype::s16: return -32768;
    case dtype::s32: return INT32_MIN;
    case dtype::s64: return INT64_MIN;
    case dtype::u8:
    case dtype::u16:
    case dtype::u32:
    case dtype::u64:
    case dtype::boolean:
    case dtype::f16:
    case dtype::f32:
    case dtype::f64: return 0;
  }
  return 0;
}
constexpr std::int64_t highest_of(dtype t) noexcept {
  switch (t) {
    case dtype::s8: return 127;
    case dtype::u8: return 255;
    case dtype::s16: return 32767;
    case dtype::u16: return 65535;
    case dtype::s32: return INT32_MAX;
    case dtype::u32: return UINT32_MAX;
    case dtype::boolean: return 1;
    case dtype::s64:
    case dtype::u64:
    case dtype::f16:
    case dtype::f32:
    case dtype::f64: return INT64_MAX;
  }
  return 0;
}
/// Largest |x - zero point| that an element type allows.
constexpr std::int64_t largest_offset(dtype t, std::int32_t zero_point) noexcept {
  const std::int64_t above = highest_of(t) - zero_point,
                     below = std::int64_t{zero_point} - lowest_of(t);
  return above > below ? above : below;
}

template <class T> struct dtype_of_t;
template <> struct dtype_of_t<float> { static constexpr dtype value = dtype::f32; };
template <> struct dtype_of_t<double> { static constexpr dtype value = dtype::f64; };
template <> struct dtype_of_t<std::int8_t> { static constexpr dtype value = dtype::s8; };
template <> struct dtype_of_t<std::uint8_t> { static constexpr dtype value = dtype::u8; };
template <> struct dtype_of_t<std::int16_t> { static constexpr dtype value = dtype::s16; };
template <> struct dtype_of_t<std::uint16_t> { static constexpr dtype value = dtype::u16; };
template <> struct dtype_of_t<std::int32_t> { static constexpr dtype value = dtype::s32; };
template <> struct dtype_of_t<std::uint32_t> { static constexpr dtype value = dtype::u32; };
template <> struct dtype_of_t<std::int64_t> { static constexpr dtype value = dtype::s64; };
template <> struct dtype_of_t<std::uint64_t> { static constexpr dtype value = dtype::u64; };
template <> struct dtype_of_t<bool> { static constexpr dtype value = dtype::boolean; };
template <class T> inline constexpr dtype dtype_of = dtype_of_t<T>::value;

/// A number of bytes; never mixes with elements.
struct Bytes {
  std::size_t value = 0;
  constexpr explicit Bytes(std::size_t v = 0) noexcept : value(v) {}
  constexpr auto operator<=>(const Bytes&) const = default;
  friend constexpr Bytes operator+(Bytes a, Bytes b) noexcept { return Bytes(a.value + b.value); }
};
/// A number of elements; never mixes with bytes.
struct Elements {
  std::size_t value = 0;
  constexpr explicit Elements(std::size_t v = 0) noexcept : value(v) {}
  constexpr auto operator<=>(const Elements&) const = default;
};
constexpr Bytes bytes_of(Elements n, dtype t) noexcept { return Bytes(n.value * size_of(t)); }

/// real = scale * (q - zero_point). Held as binary64: TFLite's scales are binary32 values,
/// PyTorch's and the quotients that stand for MXNet's are binary64.
struct Scale {
  double value = 0;
  constexpr explicit Scale(double v = 0) noexcept : value(v) {}
  constexpr auto operator<=>(const Scale&) const = default;
  /// The scale as the frameworks' kernels use it.
  constexpr float f32() const noexcept { return static_cast<float>(value); }
};
/// The quantized value that stands for real 0 (added after scaling, subtracted before: never
/// negated).
struct ZeroPoint {
  std::int32_t value = 0;
  constexpr explicit ZeroPoint(std::int32_t v = 0) noexcept : value(v) {}
  constexpr auto operator<=>(const ZeroPoint&) const = default;
};

/// Whose arithmetic a graph follows. Set by the importer from the file's framework; numerics.md
/// says what each means for every operator.
enum class law : std::uint8_t {
  tflite_ref,
  tflite_xnnpack,
  pytorch_fbgemm,
  pytorch_qnnpack,
  mxnet
};
constexpr std::string_view name_of(law l) noexcept {
  switch (l) {
    case law::tflite_ref: return "tflite_ref";
    case law::tflite_xnnpack: return "tflite_xnnpack";
    case law::pytorch_fbgemm: return "pytorch_fbgemm";
    case law::pytorch_qnnpack: return "pytorch_qnnpack";
    case law::mxnet: return "mxnet";
  }
  return no_enumerator;
}

/// The formula of a node that rounds; a field of every such node in the IR. docs/numerics.md gives
/// each formula.
enum class rounding : std::uint8_t {
  // the node does not round
  none,
  // DR: TFLite reference: saturating doubling high multiply (ties up), then rounding shift (ties
  // away from zero)
  doubling_high_half_away,
  // RU: ruy: the same with a rounding shift whose ties go up
  doubling_high_half_up,
  // I64: int64 accumulator times a 16-bit multiplier, one rounding shift
  wide_half_up,
  // D64: binary64 product, ties away from zero
  double_half_away,
  // F: binary32 product, ties to even, zero point added as an integer afterwards
  float_half_even,
  // FB: F with a float bias added to the accumulator before the product (FBGEMM)
  float_bias_half_even,
  // FZ: binary32 product plus zero point in binary32, then ties to even
  float_zero_point_half_even,
  // Q8: XNNPACK requantize: multiplier with 8 fractional bits, ties up
  eight_bit_ratio_half_up,
  // AWAY: quantize: x / s, ties away from zero
  divide_half_away,
  // EVEN: quantize: x / s, ties to even
  divide_half_even,
  // EVEN_MUL: quantize: x * (1 / s), ties to even
  reciprocal_half_even,
  // TRUNC: quantize: x / s, toward zero
  divide_truncate,
  // XNN: XNNPACK's own formula for this operator
  xnnpack,
  // QNN: QNNPACK's own formula for this operator
  qnnpack,
  // ATEN: PyTorch's own formula for this operator
  aten,
  // FMA: the operator's formula in fused multiply-adds
  fused_multiply_add,
  // OPT: TFLite optimized: this operator's own formula
  tflite_optimized,
  // MXN: MXNet's own formula for this operator
  mxnet,
};
constexpr std::string_view name_of(rounding r) noexcept {
  switch (r) {
    case rounding::none: return "none";
    case rounding::doubling_high_half_away: return "DR";
    case rounding::doubling_high_half_up: return "RU";
    case rounding::wide_half_up: return "I64";
    case rounding::double_half_away: return "D64";
    case rounding::float_half_even: return "F";
    case rounding::float_bias_half_even: return "FB";
    case rounding::float_zero_point_half_even: return "FZ";
    case rounding::eight_bit_ratio_half_up: return "Q8";
    case rounding::divide_half_away: return "AWAY";
    case rounding::divide_half_even: return "EVEN";
    case rounding::reciprocal_half_even: return "EVEN_MUL";
    case rounding::divide_truncate: return "TRUNC";
    case rounding::xnnpack: return "XNN";
    case rounding::qnnpack: return "QNN";
    case rounding::aten: return "ATEN";
    case rounding::fused_multiply_add: return "FMA";
    case rounding::tflite_optimized: return "OPT";
    case rounding::mxnet: return "MXN";
  }
  return no_enumerator;
}

OCTET_NAMESPACE_END

// ---- octet/core/shape.hpp
// Shapes and checked size arithmetic.

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>


OCTET_NAMESPACE_BEGIN

/// a * b, or SIZE_MAX when it does not fit: sizes near SIZE_MAX are refused everywhere, so the
/// sentinel is never taken for a size.
constexpr std::size_t saturating_mul(std::size_t a, std::size_t b) noexcept {
  return a != 0 && b > std::numeric_limits<std::size_t>::max() / a
             ? std::numeric_limits<std::size_t>::max()
             : a * b;
}
constexpr std::size_t saturating_add(std::size_t a, std::size_t b) noexcept {
  return a > std::numeric_limits<std::size_t>::max() - b ? std::numeric_limits<std::size_t>::max()
                                                         : a + b;
}
constexpr std::size_t round_up(std::size_t a, std::size_t to) noexcept {
  return (a + to - 1) / to * to;
}

/// A count, extent or index that is not negative, as a size.
template <std::integral T> constexpr std::size_t as_size(T v) noexcept {
  return static_cast<std::size_t>(v);
}
/// The product of extents, none negative, without a check: where the tensor was accepted already.
template <std::integral... T> constexpr std::size_t product_of(T... extents) noexcept {
  return (std::size_t{1} * ... * as_size(extents));
}
/// Extents of each image of a tensor in NHWC order.
struct image_extents {
  std::int32_t height, width, channels;
};
/// Element (row y, column x, channel c) of image n. Coordinates are inside the tensor.
template <std::integral N, std::integral Y, std::integral X, std::integral C>
constexpr std::size_t nhwc_index(const image_extents& of, N n, Y y, X x, C c) noexcept {
  return ((as_size(n) * as_size(of.height) + as_size(y)) * as_size(of.width) + as_size(x)) *
             as_size(of.channels) +
         as_size(c);
}
/// Image and row of the i-th row of a batch of images of that height, all rows counted.
struct image_row {
  std::int32_t image, y;
};
constexpr image_row image_row_of(std::size_t i, std::int32_t height) noexcept {
  return {static_cast<std::int32_t>(i / as_size(height)),
          static_cast<std::int32_t>(i % as_size(height))};
}

/// The largest tensor octet accepts, in elements: index arithmetic in kernels may use 32-bit signed
/// offsets within one tensor.
inline constexpr std::size_t max_elements = (std::size_t{1} << 31) - 1;

/// Extents of a tensor, outermost first (NHWC for images), at most max_rank of them. Rank 0 is a
/// scalar with one element.
struct dims {
  static constexpr int max_rank = 8;
  std::array<std::int32_t, max_rank> extent{};
  std::int32_t rank = 0;

  constexpr dims() = default;
  constexpr dims(std::initializer_list<std::int32_t> e) {
    for (std::int32_t v : e) push_back(v);
  }
  constexpr void push_back(std::int32_t v) {
    if (rank < max_rank) extent[static_cast<std::size_t>(rank++)] = v;
  }
  constexpr std::int32_t operator[](int i) const { return extent[static_cast<std::size_t>(i)]; }
  constexpr std::int32_t& operator[](int i) { return extent[static_cast<std::size_t>(i)]; }
  /// Extent counted from the innermost: back(0) is the last one; 1 where the rank is smaller.
  constexpr std::int32_t back(int i) const {
    return i < rank ? extent[static_cast<std::size_t>(rank - 1 - i)] : 1;
  }
  constexpr const std::int32_t* begin() const { return extent.data(); }
  constexpr const std::int32_t* end() const { return extent.data() + rank; }
  /// Number of elements; SIZE_MAX where it overflows; 0 where an extent is 0 or negative.
  constexpr Elements elements() const noexcept {
    std::size_t n = 1;
    for (std::int32_t v : *this) n = saturating_mul(n, v < 0 ? 0 : static_cast<std::size_t>(v));
    return Elements(n);
  }
  constexpr bool operator==(const dims& o) const noexcept {
    if (rank != o.rank) return false;
    for (int i = 0; i < rank; ++i)
      if ((*this)[i] != o[i]) return false;
    return true;
  }
};

/// Numpy/TFLite broadcasting of two shapes; rank -1 where they do not broadcast.
constexpr dims broadcast(const dims& a, const dims& b) {
  dims r;
  r.rank = a.rank > b.rank ? a.rank : b.rank;
  for (int i = 0; i < r.rank; ++i) {
    const std::int32_t x = a.back(i), y = b.back(i);
    if (x != y && x != 1 && y != 1) {
      r.rank = -1;
      return r;
    }
    r[r.rank - 1 - i] = x == 1 ? y : x;
  }
  return r;
}

OCTET_NAMESPACE_END

// ---- octet/core/error.hpp
// Errors: one value that names file, node, tensor, what was found and what is supported.

#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>


OCTET_NAMESPACE_BEGIN

enum class errc : std::uint8_t {
  ok = 0,
  io,           // a file cannot be read
  malformed,    // the bytes are not a valid file of their format
  unsupported,  // valid, but not (yet) something octet runs exactly
  invalid,      // the graph or a call breaks a rule (shape, dtype, quantization)
  too_large,    // over a limit of octet or of the caller's options
  write,        // a file cannot be written
};
constexpr std::string_view name_of(errc c) noexcept {
  switch (c) {
    case errc::ok: return "ok";
    case errc::io: return "cannot read";
    case errc::malformed: return "malformed";
    case errc::unsupported: return "unsupported";
    case errc::invalid: return "invalid";
    case errc::too_large: return "too large";
    case errc::write: return "cannot write";
  }
  return no_enumerator;
}

namespace detail {
/// Bytes of the UTF-8 sequence at the front of `s` that one line of a terminal can show; 0 where
/// there is none: control characters, line and paragraph separators, marks that turn the direction
/// of writing, broken sequences.
constexpr std::size_t printable_bytes(std::string_view s) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7F ? 1 : 0;
  const std::size_t n = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (n == 0 || s.size() < n) return 0;
  for (std::size_t i = 1; i < n; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  if (lead == 0xC2 && byte(1) < 0xA0) return 0;
  if (lead == 0xE2 && byte(1) == 0x80 && byte(2) >= 0xA8 && byte(2) <= 0xAE) return 0;
  if (lead == 0xE2 && byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9) return 0;
  return n;
}

/// `text` fit for one line, at most `most` bytes and three dots long: what a terminal would act on
/// appears as \xNN, the middle of longer text is left out. Names in files are the file's maker's
/// choice.
inline std::string one_line(std::string_view text, std::size_t most = 200) {
  constexpr char digits[] = "0123456789abcdef";
  std::string s;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t n = printable_bytes(text.substr(i));
    const auto c = static_cast<unsigned char>(text[i]);
    if (n != 0)
      s += text.substr(i, n);
    else
      s += {'\\', 'x', digits[c >> 4], digits[c & 15]};
    i += n != 0 ? n : 1;
  }
  if (s.size() <= most) return s;
  const auto inside = [&](std::size_t i) {
    return (static_cast<unsigned char>(s[i]) & 0xC0) == 0x80;
  };
  std::size_t head = most / 2, tail = s.size() - most / 2;
  while (head > 0 && inside(head)) --head;
  while (tail < s.size() && inside(tail)) ++tail;
  return s.substr(0, head) + "..." + s.substr(tail);
}
}  // namespace detail

/// What went wrong, in the user's terms. Empty fields are left out of the message.
struct error_info {
  errc code = errc::ok;
  std::string what;    // one clause: "weight count differs from the shape"
  std::string file;    // as the caller named it
  std::string node;    // operator and its name or index in the file: "CONV_2D #12"
  std::string tensor;  // the tensor's name in the file
  std::string found;
  std::string supported;  // what would have been accepted

  /// One line: "file: node: tensor: what (found F; supported S)". Names, which come from files, are
  /// cut to 200 bytes, lists to 2000, and hold nothing that a terminal would act on.
  std::string message() const {
    using detail::one_line;
    std::string s;
    for (const std::string* p : {&file, &node, &tensor})
      if (!p->empty()) s += one_line(*p) + ": ";
    s += std::string(name_of(code)) + ": " + one_line(what, 400);
    if (!found.empty() || !supported.empty()) {
      s += " (";
      if (!found.empty()) s += "found " + one_line(found, 2000);
      if (!found.empty() && !supported.empty()) s += "; ";
      if (!supported.empty()) s += "supported: " + one_line(supported, 2000);
      s += ")";
    }
    return s;
  }
};

/// The rules an operator can find broken. Loaded files report it as text, typed graphs as a
/// template argument.
enum class rule : std::uint8_t {
  ok,
  rank,
  shapes_differ,
  channels,
  weight_count,
  bias_count,
  axis,
  groups,
  stride,
  window,
  dtypes,
  quantization,
  element_count,
  input_count,
  value,
  budget
};
constexpr std::string_view name_of(rule r) noexcept {
  switch (r) {
    case rule::ok: return "ok";
    case rule::rank: return "wrong rank";
    case rule::shapes_differ: return "shapes differ";
    case rule::channels: return "channel count differs";
    case rule::weight_count: return "weight count differs from the shape";
    case rule::bias_count: return "bias count differs from the channels";
    case rule::axis: return "axis out of range";
    case rule::groups: return "channels are not divisible by groups";
    case rule::stride: return "stride or dilation is not positive";
    case rule::window: return "window is larger than the padded input";
    case rule::dtypes: return "element types do not go together";
    case rule::quantization: return "quantization parameters do not go together";
    case rule::element_count: return "element count differs";
    case rule::input_count: return "wrong number of inputs";
    case rule::value: return "value out of range";
    case rule::budget: return "over budget";
  }
  return no_enumerator;
}
/// A broken rule with what was expected and found; `what == rule::ok` means none. Plain data: rules
/// work in constant evaluation.
struct violation {
  rule what = rule::ok;
  dims expected{};
  dims found{};
  constexpr explicit operator bool() const { return what != rule::ok; }
};

inline std::string to_string(const dims& d) {
  std::string s = "[";
  for (int i = 0; i < d.rank; ++i) s += (i ? "," : "") + std::to_string(d[i]);
  return s + "]";
}
inline error_info broken_rule(const violation& v) {
  error_info e;
  e.code = errc::invalid;
  e.what = std::string(name_of(v.what));
  e.found = to_string(v.found);
  e.supported = to_string(v.expected);
  return e;
}

namespace detail {
/// Owns an error_info on the heap: only errors allocate, success costs one pointer and works in
/// constant evaluation.
class error_box {
 public:
  constexpr error_box() = default;
  explicit error_box(error_info e) : p_(new error_info(std::move(e))) {}
  error_box(const error_box& o) : p_(o.p_ ? new error_info(*o.p_) : nullptr) {}
  constexpr error_box(error_box&& o) noexcept : p_(std::exchange(o.p_, nullptr)) {}
  constexpr error_box& operator=(error_box o) noexcept {
    std::swap(p_, o.p_);
    return *this;
  }
  constexpr ~error_box() {
    if (p_) delete p_;
  }
  constexpr explicit operator bool() const noexcept { return p_ != nullptr; }
  error_info& operator*() const noexcept { return *p_; }

 private:
  error_info* p_ = nullptr;
};
}  // namespace detail

/// A value or an error_info. Loaders and planning return it; works without exceptions. error() only
/// where there is one.
template <class T> class [[nodiscard]] result {
 public:
  constexpr result(T v)
      : value_(std::move(v)) {}  // NOLINT: implicit on purpose, as in std::expected
  result(error_info e) : error_(std::move(e)) {}          // NOLINT
  result(const violation& v) : error_(broken_rule(v)) {}  // NOLINT
  constexpr explicit operator bool() const noexcept { return value_.has_value(); }
  constexpr bool has_value() const noexcept { return value_.has_value(); }
  constexpr T& operator*() & noexcept { return *value_; }
  constexpr const T& operator*() const& noexcept { return *value_; }
  constexpr T&& operator*() && noexcept { return std::move(*value_); }
  constexpr T* operator->() noexcept { return &*value_; }
  constexpr const T* operator->() const noexcept { return &*value_; }
  const error_info& error() const noexcept { return *error_; }
  error_info& error() noexcept { return *error_; }

 private:
  std::optional<T> value_;
  detail::error_box error_;
};
struct unit {};
/// Success, a broken rule, or an error_info. The first two need no heap and are literal: shape
/// rules return them in constant evaluation.
template <> class [[nodiscard]] result<unit> {
 public:
  constexpr result(unit) {}                             // NOLINT
  constexpr result(const violation& v) : broken_(v) {}  // NOLINT
  result(error_info e) : error_(std::move(e)) {}        // NOLINT
  constexpr explicit operator bool() const noexcept { return !broken_ && !error_; }
  constexpr bool has_value() const noexcept { return static_cast<bool>(*this); }
  constexpr const violation& broken() const noexcept { return broken_; }
  error_info error() const {
    return broken_ ? broken_rule(broken_) : error_ ? *error_ : error_info{};
  }

 private:
  violation broken_;
  detail::error_box error_;
};
using status = result<unit>;

#if defined(__cpp_exceptions)
/// What the throwing wrappers throw.
class error : public std::exception {
 public:
  explicit error(error_info i) : info_(std::move(i)), text_(info_.message()) {}
  const char* what() const noexcept override { return text_.c_str(); }
  const error_info& info() const noexcept { return info_; }

 private:
  error_info info_;
  std::string text_;
};
template <class T> T value_or_throw(result<T> r) {
  if (!r) throw error(r.error());
  if constexpr (std::is_same_v<T, unit>)
    return unit{};
  else
    return std::move(*r);
}
#endif

OCTET_NAMESPACE_END

// ---- octet/kernels/kernel.hpp
// What stands behind the watershed: plain parameter structs and function pointers. Templates and
// types stay in front of it.

#include <cstddef>
#include <cstdint>


OCTET_NAMESPACE_BEGIN

/// The addresses of a node's operands, in the operator's order. An operand that is absent is null,
/// wherever it stands: in the middle of the list or past its end. Owns nothing.
template <class Pointer> class operand_list {
 public:
  constexpr operand_list() noexcept = default;
  constexpr operand_list(const Pointer* first, std::size_t count) noexcept
      : first_(first), count_(count) {}
  template <std::size_t N>
  constexpr operand_list(const Pointer (&list)[N]) noexcept : operand_list(list, N) {}  // NOLINT
  constexpr Pointer operator[](std::size_t i) const noexcept {
    return i < count_ ? first_[i] : nullptr;
  }

 private:
  const Pointer* first_ = nullptr;
  std::size_t count_ = 0;
};

/// One call of one kernel. All memory belongs to the caller; nothing is allocated, locked or
/// thrown.
struct kernel_args {
  const void* params = nullptr;    // the operator's params struct
  operand_list<const void*> in{};  // one address per input of the node, constants too; null where
                                   // an optional input is absent
  operand_list<void*> out{};       // one address per output
  void* scratch = nullptr;         // this part's own scratch, 64-byte aligned, contents undefined
  std::uint32_t part =
      0;  // this call computes part `part` of `parts`: a static partition over threads;
  std::uint32_t parts = 1;  // the parts write disjoint elements and together all of them
};
using kernel_fn = void (*)(const kernel_args&) noexcept;

/// How one target runs one operator. A null `run` means: this target uses the operator's reference.
struct kernel_entry {
  kernel_fn run = nullptr;
  /// Bytes of packed constants for these params (0: none). Null: none ever.
  std::size_t (*packed_bytes)(const void* params) = nullptr;
  /// Packs the raw constants that `params` points to into `to` (64-byte aligned) and stores `to` in
  /// the params.
  void (*pack)(void* params, std::byte* to) = nullptr;
  /// Bytes of scratch that one part needs.
  std::size_t (*scratch_bytes)(const void* params) = nullptr;
  /// False where this kernel cannot take these params: the planner then uses the reference. Null:
  /// takes all.
  bool (*accepts)(const void* params) = nullptr;
  /// Name for `octet info` and `octet explain`: "conv2d 1x1 vnni 6x64". May depend on the params.
  /// Null params: the general name.
  const char* (*describe)(const void* params) = nullptr;
  /// May be called with parts > 1.
  bool parallel = false;
};

/// Kernels that exist for SIMD targets. An operator names its kernel by this; what it means on a
/// target is kernels::entry<ID>(target).
enum class kernel_id : std::uint8_t {
  none = 0,  // always the reference
  conv2d,
  depthwise_conv2d,
  fully_connected,
  requantize,
  add,
  mul,
  pool2d,
  quantize,
  dequantize,
  lut8,
  softmax,
  mean,
  batch_matmul,
  transpose_conv2d,
  resize_bilinear
};
constexpr std::string_view name_of(kernel_id k) noexcept {
  switch (k) {
    case kernel_id::none: return "none";
    case kernel_id::conv2d: return "conv2d";
    case kernel_id::depthwise_conv2d: return "depthwise_conv2d";
    case kernel_id::fully_connected: return "fully_connected";
    case kernel_id::requantize: return "requantize";
    case kernel_id::add: return "add";
    case kernel_id::mul: return "mul";
    case kernel_id::pool2d: return "pool2d";
    case kernel_id::quantize: return "quantize";
    case kernel_id::dequantize: return "dequantize";
    case kernel_id::lut8: return "lut8";
    case kernel_id::softmax: return "softmax";
    case kernel_id::mean: return "mean";
    case kernel_id::batch_matmul: return "batch_matmul";
    case kernel_id::transpose_conv2d: return "transpose_conv2d";
    case kernel_id::resize_bilinear: return "resize_bilinear";
  }
  return no_enumerator;
}

/// Instruction sets a kernel can be compiled for. `reference` runs every operator's constexpr
/// reference. The order within an architecture is from plain to best; `automatic` means: the best
/// that this CPU can run.
enum class target : std::uint8_t {
  automatic = 0,
  reference,
  emu128,  // tests: Highway's portable 128-bit vectors
  sse4,
  avx2,
  avx2_vnni_emulated,
  avx3,
  avx3_vnni,
  neon,
  neon_dotprod
};
constexpr std::string_view name_of(target t) noexcept {
  switch (t) {
    case target::automatic: return "automatic";
    case target::reference: return "reference";
    case target::emu128: return "EMU128";
    case target::sse4: return "SSE4";
    case target::avx2: return "AVX2";
    case target::avx2_vnni_emulated: return "AVX2_VNNI_EMULATED";
    case target::avx3: return "AVX3";
    case target::avx3_vnni: return "AVX3_VNNI";
    case target::neon: return "NEON";
    case target::neon_dotprod: return "NEON_DOTPROD";
  }
  return no_enumerator;
}

/// Half-open range of work for one part of a static partition of n items.
struct part_range {
  std::size_t begin, end;
};
constexpr part_range part_of(std::size_t n, std::uint32_t part, std::uint32_t parts) noexcept {
  return {n * part / parts, n * (part + std::size_t{1}) / parts};
}

OCTET_NAMESPACE_END

// ---- octet/kernels/target.hpp
// Which SIMD targets this build has and this CPU can run, and the kernels of each.

#include <optional>
#include <span>
#include <string_view>


OCTET_NAMESPACE_BEGIN

/// The best target of this build that this CPU can run; `reference` where it can run none. The CPU
/// is asked once per process. No environment variable is read. Safe to call from any thread, at any
/// time.
target best_target() noexcept;
/// True for `reference` and for the targets of usable_targets().
bool can_run(target t) noexcept;
/// Targets this build was compiled for, from plain to best, `reference` first. Static memory.
std::span<const target> compiled_targets() noexcept;
/// Those of them that this CPU can run: the first so many of compiled_targets(), because every
/// target includes the ones before it.
std::span<const target> usable_targets() noexcept;
/// The target of that name in any letter case ("avx2", "AVX3_VNNI", "reference", "automatic");
/// nothing where there is none of that name.
std::optional<target> target_from_name(std::string_view name) noexcept;

namespace kernels {
/// The kernel for `id` on `t`; null where that target has none and the operator's reference runs.
/// Static memory.
const kernel_entry* find(kernel_id id, target t) noexcept;
}  // namespace kernels

OCTET_NAMESPACE_END

#if OCTET_HAS_DEFINITIONS
#endif

// ---- octet/numerics/fp_env.hpp
// The floating-point environment that octet's arithmetic assumes, set for a scope.

#include <cstdint>


OCTET_NAMESPACE_BEGIN
namespace numerics {

/// While it lives, this thread rounds to nearest even, keeps subnormals (no flush to zero, no
/// denormals are zero) and takes no floating-point traps; the previous control register returns
/// with the destructor. Needed because a program linked with -ffast-math starts with subnormals
/// flushed, and an application may have set any rounding. One register read (x86-64 MXCSR, aarch64
/// FPCR), a write only where something differs; no system call. On other architectures it does
/// nothing.
class exact_environment {
 public:
  exact_environment() noexcept : before_(read()) {
    const word want = (before_ & ~must_be_clear) | must_be_set;
    changed_ = want != before_;
    if (changed_) write(want);
  }
  ~exact_environment() {
    if (changed_) write(before_);
  }
  exact_environment(const exact_environment&) = delete;
  exact_environment& operator=(const exact_environment&) = delete;

  /// True where this thread's environment is as octet needs it.
  static bool active() noexcept {
    const word w = read();
    return ((w & ~must_be_clear) | must_be_set) == w;
  }

 private:
  // The asm statements clobber memory so that no arithmetic on values that pass through memory
  // moves across them; arithmetic on registers is kept in place by rounded() (numerics/fp.hpp),
  // whose asm is not moved across a volatile one by g++ or clang in practice, and by kernels being
  // called through pointers.
#if defined(__x86_64__)
  using word = std::uint32_t;
  static constexpr word must_be_clear =
      0x6000u | 0x8000u | 0x0040u;  // rounding control, flush to zero, denormals are zero
  static constexpr word must_be_set = 0x1F80u;  // all exceptions masked
  static word read() noexcept {
    word w;
    asm volatile("stmxcsr %0" : "=m"(w)::"memory");
    return w;
  }
  static void write(word w) noexcept { asm volatile("ldmxcsr %0" ::"m"(w) : "memory"); }
#elif defined(__aarch64__)
  using word = std::uint64_t;
  static constexpr word must_be_clear =
      3u << 22 | 1u << 24 | 1u << 25 | 1u << 19 | 0x9F00u;  // RMode, FZ, DN, FZ16, trap enables
  static constexpr word must_be_set = 0;
  static word read() noexcept {
    word w;
    asm volatile("mrs %0, fpcr" : "=r"(w)::"memory");
    return w;
  }
  static void write(word w) noexcept { asm volatile("msr fpcr, %0" ::"r"(w) : "memory"); }
#else
  using word = std::uint32_t;
  static constexpr word must_be_clear = 0, must_be_set = 0;
  static word read() noexcept { return 0; }
  static void write(word) noexcept {}
#endif
  word before_;
  bool changed_ = false;
};

}  // namespace numerics
OCTET_NAMESPACE_END

// ---- octet/core/buffer.hpp
// Aligned storage and non-owning tensor views.

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>


OCTET_NAMESPACE_BEGIN

/// Every tensor, packed weight and scratch block starts at a multiple of this many bytes (one cache
/// line, one AVX-512 vector).
inline constexpr std::size_t alignment = 64;

/// Owning block of bytes, aligned, zero-filled, never resized.
class buffer {
 public:
  buffer() = default;
  explicit buffer(Bytes n) : size_(n.value) {
    if (size_ != 0) {
      data_.reset(static_cast<std::byte*>(
          ::operator new(round_up(size_, alignment), std::align_val_t(alignment))));
      std::memset(data_.get(), 0, round_up(size_, alignment));
    }
  }
  std::byte* data() noexcept { return data_.get(); }
  const std::byte* data() const noexcept { return data_.get(); }
  std::size_t size() const noexcept { return size_; }
  std::span<const std::byte> span() const noexcept { return {data_.get(), size_}; }

 private:
  struct free_t {
    void operator()(std::byte* p) const noexcept {
      ::operator delete(p, std::align_val_t(alignment));
    }
  };
  std::unique_ptr<std::byte, free_t> data_;
  std::size_t size_ = 0;
};

/// Elements of one type that somebody else owns, row-major, with their shape.
struct tensor_view {
  void* data = nullptr;
  dtype type = dtype::u8;
  dims shape;

  std::size_t size_bytes() const noexcept { return bytes_of(shape.elements(), type).value; }
  /// The elements as T; T must be the view's element type (an empty span otherwise).
  template <class T> std::span<T> as() const noexcept {
    return dtype_of<std::remove_const_t<T>> == type
               ? std::span<T>(static_cast<T*>(data), shape.elements().value)
               : std::span<T>();
  }
};
struct const_tensor_view {
  const void* data = nullptr;
  dtype type = dtype::u8;
  dims shape;
  constexpr const_tensor_view() = default;
  constexpr const_tensor_view(const void* d, dtype t, dims s) : data(d), type(t), shape(s) {}
  constexpr const_tensor_view(const tensor_view& v)
      : data(v.data), type(v.type), shape(v.shape) {}  // NOLINT
  std::size_t size_bytes() const noexcept { return bytes_of(shape.elements(), type).value; }
  template <class T> std::span<const T> as() const noexcept {
    return dtype_of<std::remove_const_t<T>> == type
               ? std::span<const T>(static_cast<const T*>(data), shape.elements().value)
               : std::span<const T>();
  }
};

OCTET_NAMESPACE_END

// ---- octet/kernels/target_layout.hpp
// What differs between targets in the layout of packed data and scratch, as constants: known to
// every file, whether or not it compiles kernels, and to the compiler's constant evaluation.

#include <span>


OCTET_NAMESPACE_BEGIN
namespace kernels {

struct target_layout {
  std::int32_t lanes;        // int32 per vector
  std::int32_t max_vectors;  // per panel
  std::uint8_t quad;         // products of four bytes. 0: none; 1: activations as u8; 2: as s8
  bool split_pairs;  // pairs of one lane lie `lanes` elements apart (Arm: vmlal on halves), not
                     // side by side
  constexpr bool operator==(const target_layout&) const = default;
};

inline constexpr target_layout sse4_layout{4, 2, 0, false}, avx2_layout{8, 2, 0, false},
    avx2_quad_layout{8, 2, 1, false}, avx3_layout{16, 4, 0, false},
    avx3_quad_layout{16, 4, 1, false}, neon_layout{4, 4, 0, true}, neon_quad_layout{4, 4, 2, true};

/// Null for targets without kernels of their own: references pack nothing. The kernels of each
/// target check that this is the layout they are compiled for.
constexpr const target_layout* layout_of(target t) noexcept {
  switch (t) {
    case target::emu128:
    case target::sse4: return &sse4_layout;
    case target::avx2: return &avx2_layout;
    case target::avx2_vnni_emulated: return &avx2_quad_layout;
    case target::avx3: return &avx3_layout;
    case target::avx3_vnni: return &avx3_quad_layout;
    case target::neon: return &neon_layout;
    case target::neon_dotprod: return &neon_quad_layout;
    case target::automatic:
    case target::reference: break;
  }
  return nullptr;
}

/// The targets that builds for this architecture may have: memory whose size is a constant of a
/// type must suffice for whichever of them is found at start, and must not depend on a file's
/// flags.
inline constexpr target targets_of_architecture[] = {
    target::reference,
#if defined(__x86_64__) || defined(__i386__)
    target::sse4,      target::avx2,
    target::avx3,      target::avx3_vnni,
#if defined(OCTET_TEST_TARGETS)
    target::emu128,    target::avx2_vnni_emulated,
#endif
#elif defined(__aarch64__)
    target::neon,
    target::neon_dotprod,
#endif
};

/// What a kernel takes for one node.
struct node_bytes {
  std::size_t packed = 0;   // of packed constants
  std::size_t scratch = 0;  // of scratch, for each part of a call
};
constexpr node_bytes largest(const node_bytes& a, const node_bytes& b) noexcept {
  return {a.packed > b.packed ? a.packed : b.packed, a.scratch > b.scratch ? a.scratch : b.scratch};
}

}  // namespace kernels
OCTET_NAMESPACE_END

// ---- octet/laws/law.hpp
// What a law decides about one node, and what it may ask to decide it. One constexpr function per
// operator family in the files beside this one; each names its answer under every law. Loaders,
// typed graphs and direct calls ask these functions, and the table of docs/numerics.md is printed
// from them.

#include <optional>


OCTET_NAMESPACE_BEGIN
namespace laws {

/// Whose kernel computes a node. Under law tflite_xnnpack that is XNNPACK or TFLite's own.
enum class library : std::uint8_t { tflite, xnnpack, pytorch, mxnet };

/// What a law says of one node.
struct decision {
  bool known;             // false: the law's framework has no such operator
  octet::rounding round;  // none: bytes are copied, compared or clamped, or values stay floats
  library by;             // decides how the bounds of a fused activation are rounded
  bool f32_product;       // sx * sw is rounded to binary32 before anything else
  bool channels_last;     // sums run in an order in which the IR's last axis is the second

  constexpr decision(octet::rounding r,
                     library who = library::tflite)  // NOLINT: rows name roundings
      : known(true), round(r), by(who), f32_product(false), channels_last(false) {}
  constexpr bool operator==(const decision&) const = default;
};
/// The framework has no such operator: there are no bits to give.
constexpr decision no_operator() {
  decision d(rounding::none);
  d.known = false;
  return d;
}
constexpr decision by_xnnpack(rounding r) { return {r, library::xnnpack}; }
constexpr decision by_pytorch(rounding r) { return {r, library::pytorch}; }
constexpr decision by_mxnet(rounding r) { return {r, library::mxnet}; }

/// One answer per law. None has a default: a law that is added must be given one everywhere.
struct per_law {
  decision tflite_ref, tflite_xnnpack, pytorch_fbgemm, pytorch_qnnpack, mxnet;
};
constexpr decision choose(law l, const per_law& d) {
  switch (l) {
    case law::tflite_ref: return d.tflite_ref;
    case law::tflite_xnnpack: return d.tflite_xnnpack;
    case law::pytorch_fbgemm: return d.pytorch_fbgemm;
    case law::pytorch_qnnpack: return d.pytorch_qnnpack;
    case law::mxnet: return d.mxnet;
  }
  return no_operator();
}
constexpr bool is_pytorch(law l) { return l == law::pytorch_fbgemm || l == law::pytorch_qnnpack; }
/// Whose bounds a node has whose rounding may have been named by hand.
constexpr library computed_by(law l, const decision& d, rounding round) {
  if (d.known && d.round == round) return d.by;
  return is_pytorch(l) ? library::pytorch : l == law::mxnet ? library::mxnet : library::tflite;
}

/// One tensor of the node. scale 0: not quantized; per channel: the first channel's.
struct operand {
  dtype type = dtype::f32;
  dims shape{};
  double scale = 0;
  std::int32_t zero_point = 0;
  bool per_channel = false;
};

/// What the framework knows and the IR does not. The defaults are what a graph composed in code
/// says of itself; a loader sets what its file says.
struct framework_facts {
  /// TFLite: quantized_dimension of the weights, which a tensor with one scale does not keep.
  std::int32_t weights_axis = 0;
  /// TFLite, dynamic-range layers: the accumulating operator is a depthwise convolution.
  bool depthwise = false;
  /// PyTorch: is_contiguous() of the first input in either memory format (both for one channel or
  /// one pixel, neither for views with gaps).
  bool contiguous = true, channels_last = false;
  /// PyTorch: axis 1 of the framework's shape is the last one of the IR's.
  bool channels_inner = false;
};
/// A tensor of a graph composed in code: images are NHWC in memory, PyTorch's channels_last; other
/// ranks are row-major.
constexpr framework_facts composed(const dims& x) {
  framework_facts f;
  if (x.rank != 4) return f;
  f.channels_last = f.channels_inner = true;
  f.contiguous = x[3] == 1 || (x[1] == 1 && x[2] == 1);
  return f;
}

/// Averages of windows, as their operator's attributes say.
struct pooling {
  bool padded = false, counts_padding = false, ceil_mode = false, own_divisor = false;
  std::int32_t adaptive_h = 0, adaptive_w = 0;  // extents of the result; 0: by window and stride
};

/// All that a law may ask about a node.
struct facts {
  law arithmetic = law::tflite_ref;
  operand x, w, y;                 // first and second input, result; w: as default where absent
  bool int32_bias = false;         // there is a bias (third input), of int32
  bool keeps_quantization = true;  // every input has the scale and zero point of the result
  double alpha = 0;                // leaky_relu: the slope below 0
  std::int64_t offset = 0;         // requantize: steps of the input's scale added
  dims axes{};                     // reductions: none stands for all; counted in the IR, not < 0
  pooling pool{};
  framework_facts framework{};
};

}  // namespace laws
OCTET_NAMESPACE_END

// ---- octet/ops/op.hpp
// What an operator is: attributes, a shape rule, a way to prepare its params, a reference. One file
// per operator, one row in ops/list.hpp.

#include <algorithm>
#include <array>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>


OCTET_NAMESPACE_BEGIN

// ---- descriptions ----

/// Scales of a tensor where they lie, as binary64 or binary32 numbers. Refers to memory of the
/// graph; owns nothing. Usable in constant evaluation.
class scale_list {
 public:
  constexpr scale_list() = default;
  constexpr scale_list(std::span<const double> s) : wide_(s.data()), size_(s.size()) {}   // NOLINT
  constexpr scale_list(std::span<const float> s) : narrow_(s.data()), size_(s.size()) {}  // NOLINT
  constexpr scale_list(const double* s, std::size_t n) : wide_(s), size_(n) {}
  scale_list(const std::vector<double>& s) : wide_(s.data()), size_(s.size()) {}  // NOLINT
  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr double operator[](std::size_t i) const {
    return narrow_ != nullptr ? static_cast<double>(narrow_[i]) : wide_[i];
  }
  constexpr bool operator==(const scale_list& o) const {
    for (std::size_t i = 0; i < size_ && size_ == o.size_; ++i)
      if ((*this)[i] != o[i]) return false;
    return size_ == o.size_;
  }

 private:
  const double* wide_ = nullptr;
  const float* narrow_ = nullptr;
  std::size_t size_ = 0;
};

/// What a rule sees of a tensor: everything but the data. Usable in constant evaluation. The spans'
/// memory belongs to the graph.
struct tensor_desc {
  dtype type = dtype::f32;
  dims shape;
  scale_list scales{};  // empty: not quantized; one: per tensor; else one per index along `axis`
  std::span<const std::int32_t> zero_points{};  // empty: 0; one: for all
  std::int32_t axis = -1;

  constexpr bool quantized() const { return !scales.empty(); }
  constexpr bool per_channel() const { return scales.size() > 1; }
  constexpr double scale(std::size_t c = 0) const {
    return scales.empty() ? 1.0 : scales.size() == 1 ? scales[0] : scales[c];
  }
  constexpr float scale_f32(std::size_t c = 0) const { return static_cast<float>(scale(c)); }
  constexpr std::int32_t zero_point(std::size_t c = 0) const {
    return zero_points.empty() ? 0 : zero_points.size() == 1 ? zero_points[0] : zero_points[c];
  }
  constexpr bool same_quantization(const tensor_desc& o) const {
    return scales == o.scales && zero_point() == o.zero_point();
  }
};

/// A shape or a violation: what constexpr shape rules return.
struct shape_or {
  dims shape{};
  violation broken{};
  constexpr shape_or(dims s) : shape(s) {}        // NOLINT
  constexpr shape_or(violation v) : broken(v) {}  // NOLINT
};

// ---- attributes ----

/// One attribute value, not owning: what operators read. `type` says which member counts; none:
/// there is no such attribute.
struct attribute_value {
  enum class kind : std::uint8_t { none, integer, real, text, integers, reals } type = kind::none;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view text{};
  std::span<const std::int64_t> integers{};
  std::span<const double> reals{};
  constexpr explicit operator bool() const { return type != kind::none; }
  constexpr bool is(kind k) const { return type == k; }

  constexpr attribute_value() = default;
  constexpr attribute_value(std::int64_t v) : type(kind::integer), integer(v) {}  // NOLINT
  constexpr attribute_value(double v) : type(kind::real), real(v) {}              // NOLINT
  constexpr attribute_value(std::string_view v) : type(kind::text), text(v) {}    // NOLINT
  constexpr attribute_value(std::span<const std::int64_t> v)
      : type(kind::integers), integers(v) {}                                             // NOLINT
  constexpr attribute_value(std::span<const double> v) : type(kind::reals), reals(v) {}  // NOLINT
};
constexpr std::string_view name_of(attribute_value::kind k) noexcept {
  switch (k) {
    case attribute_value::kind::none: return "none";
    case attribute_value::kind::integer: return "integer";
    case attribute_value::kind::real: return "real";
    case attribute_value::kind::text: return "text";
    case attribute_value::kind::integers: return "integers";
    case attribute_value::kind::reals: return "reals";
  }
  return no_enumerator;
}
struct attribute {
  std::string_view key;
  attribute_value value;
};

class attributes;

/// Attributes of a node as its operator reads them. Refers either to the IR's `attributes` or to a
/// caller's array (typed graphs: usable in constant evaluation); owns nothing, never allocates.
class attribute_view {
 public:
  constexpr attribute_view() = default;
  constexpr attribute_view(std::span<const attribute> list) : list_(list) {}  // NOLINT
  constexpr attribute_view(const attributes& a) : owner_(&a) {}               // NOLINT

  constexpr attribute_value find(std::string_view key) const {
    if (owner_) return find_in_owner(key);
    for (const attribute& a : list_)
      if (a.key == key) return a.value;
    return {};
  }
  constexpr std::int64_t integer(std::string_view key, std::int64_t otherwise = 0) const {
    const attribute_value v = find(key);
    return v.is(attribute_value::kind::integer) ? v.integer : otherwise;
  }
  constexpr double real(std::string_view key, double otherwise = 0) const {
    const attribute_value v = find(key);
    return v.is(attribute_value::kind::real) ? v.real : otherwise;
  }
  constexpr std::string_view text(std::string_view key) const { return find(key).text; }
  constexpr std::span<const std::int64_t> integers(std::string_view key) const {
    return find(key).integers;
  }
  constexpr std::span<const double> reals(std::string_view key) const { return find(key).reals; }

 private:
  inline attribute_value find_in_owner(std::string_view key) const;
  std::span<const attribute> list_{};
  const attributes* owner_ = nullptr;
};

/// Attributes of a node in the IR: ordered name/value pairs, printed and stored generically.
/// Operators read them, through attribute_view, into a plain struct.
class attributes {
 public:
  using value = std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>,
                             std::vector<double>>;
  void set(std::string_view key, value v) {
    for (auto& [k, old] : entries_)
      if (k == key) {
        old = std::move(v);
        return;
      }
    entries_.emplace_back(std::string(key), std::move(v));
  }
  const value* find(std::string_view key) const {
    for (const auto& [k, v] : entries_)
      if (k == key) return &v;
    return nullptr;
  }
  std::int64_t integer(std::string_view key, std::int64_t otherwise = 0) const {
    return attribute_view(*this).integer(key, otherwise);
  }
  double real(std::string_view key, double otherwise = 0) const {
    return attribute_view(*this).real(key, otherwise);
  }
  std::span<const std::int64_t> integers(std::string_view key) const {
    return attribute_view(*this).integers(key);
  }
  void erase(std::string_view key) {
    std::erase_if(entries_, [&](const auto& e) { return e.first == key; });
  }
  const std::vector<std::pair<std::string, value>>& entries() const { return entries_; }

 private:
  std::vector<std::pair<std::string, value>> entries_;
};
inline attribute_value attribute_view::find_in_owner(std::string_view key) const {
  const attributes::value* v = owner_->find(key);
  if (!v) return {};
  struct {
    attribute_value operator()(std::int64_t i) const { return i; }
    attribute_value operator()(double d) const { return d; }
    attribute_value operator()(const std::string& s) const { return std::string_view(s); }
    attribute_value operator()(const std::vector<std::int64_t>& l) const {
      return std::span<const std::int64_t>(l);
    }
    attribute_value operator()(const std::vector<double>& l) const {
      return std::span<const double>(l);
    }
  } const view;
  return std::visit(view, *v);
}

/// One member of an attribute struct. A struct lists its members as `static constexpr auto fields =
/// std::tuple{field{"stride_h", &T::stride_h}, ...}`.
template <class S, class T> struct field {
  const char* name;
  T S::*member;
};
template <class S, class T> field(const char*, T S::*) -> field<S, T>;

/// Reads an attribute struct; members that the node does not carry keep their defaults. Integers,
/// bools, enums, floats, dims.
template <class A> constexpr A read_attributes(const attribute_view& from) {
  A a{};
  std::apply(
      [&](const auto&... f) {
        (
            [&] {
              using T = std::remove_reference_t<decltype(a.*f.member)>;
              if (const attribute_value v = from.find(f.name)) {
                if constexpr (std::is_same_v<T, dims>) {
                  T d;
                  for (std::int64_t e : v.integers) d.push_back(static_cast<std::int32_t>(e));
                  a.*f.member = d;
                } else if constexpr (std::is_floating_point_v<T>) {
                  if (v.is(attribute_value::kind::real)) a.*f.member = static_cast<T>(v.real);
                } else {
                  if (v.is(attribute_value::kind::integer)) a.*f.member = static_cast<T>(v.integer);
                }
              }
            }(),
            ...);
      },
      A::fields);
  return a;
}
template <class A> attributes to_attributes(const A& a) {
  attributes to;
  std::apply(
      [&](const auto&... f) {
        (
            [&] {
              using T = std::remove_cvref_t<decltype(a.*f.member)>;
              if constexpr (std::is_same_v<T, dims>) {
                to.set(f.name,
                       std::vector<std::int64_t>((a.*f.member).begin(), (a.*f.member).end()));
              } else if constexpr (std::is_floating_point_v<T>) {
                to.set(f.name, static_cast<double>(a.*f.member));
              } else {
                to.set(f.name, static_cast<std::int64_t>(a.*f.member));
              }
            }(),
            ...);
      },
      A::fields);
  return to;
}

// ---- preparing ----

/// Memory of a plan: params, multiplier arrays, packed weights. Blocks never move and live as long
/// as the plan. Either it owns heap blocks, or it hands out storage that its maker owns (typed
/// graphs: constant size, no heap). Storage that turns out too small is continued on the heap, so
/// that operators need not check, and `exhausted()` then tells the maker.
class plan_memory {
 public:
  plan_memory() = default;
  explicit plan_memory(std::span<std::byte> storage) : storage_(storage) {}
  /// The given storage did not suffice.
  bool exhausted() const { return !storage_.empty() && !blocks_.empty(); }
  template <class T> std::span<T> array(std::size_t n) {
    static_assert(std::is_trivially_destructible_v<T>);
    std::byte* p = bytes(Bytes(n * sizeof(T)), alignof(T));
    T* t = reinterpret_cast<T*>(p);
    for (std::size_t i = 0; i < n; ++i) new (t + i) T();
    return {t, n};
  }
  std::byte* bytes(Bytes n, std::size_t align = alignment) {
    constexpr std::size_t chunk = 1 << 16;
    if (n.value == 0) return nullptr;
    total_ = round_up(total_, align) + n.value;
    if (blocks_.empty() && !storage_.empty()) {
      const auto base = reinterpret_cast<std::uintptr_t>(storage_.data());
      const std::size_t from = round_up(base + used_, align) - base;
      if (from <= storage_.size() && n.value <= storage_.size() - from) {
        used_ = from + n.value;
        std::memset(storage_.data() + from, 0, n.value);
        return storage_.data() + from;
      }
      used_ = 0;
    }
    std::size_t at = round_up(used_, align);
    if (blocks_.empty() || at + n.value > blocks_.back().size()) {
      blocks_.emplace_back(Bytes(n.value > chunk ? n.value : chunk));
      at = 0;
    }
    used_ = at + n.value;
    return blocks_.back().data() + at;
  }
  /// What comes next begins at a multiple of 64 bytes: where a node begins, so that its bytes are
  /// the same behind any other.
  void align() {
    total_ = round_up(total_, alignment);
    used_ = round_up(used_, alignment);
  }
  /// Bytes handed out, with the gaps that alignment leaves: what storage of one piece must hold.
  Bytes total() const { return Bytes(total_); }

 private:
  std::span<std::byte> storage_{};
  std::vector<buffer> blocks_;
  std::size_t used_ = 0, total_ = 0;
};

/// The elements of an s32 or s64 constant as int64, read where they lie.
class integer_constant {
 public:
  integer_constant() = default;
  integer_constant(const std::byte* data, dtype type, std::size_t count)
      : data_(data), type_(type), count_(count) {}
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  std::int64_t operator[](std::size_t i) const {
    if (type_ == dtype::s64) {
      std::int64_t v;
      std::memcpy(&v, data_ + 8 * i, 8);
      return v;
    }
    std::int32_t v;
    std::memcpy(&v, data_ + 4 * i, 4);
    return v;
  }
  struct iterator {
    const integer_constant* list;
    std::size_t at;
    std::int64_t operator*() const { return (*list)[at]; }
    iterator& operator++() {
      ++at;
      return *this;
    }
    bool operator==(const iterator& o) const { return at == o.at; }
  };
  iterator begin() const { return {this, 0}; }
  iterator end() const { return {this, count_}; }

 private:
  const std::byte* data_ = nullptr;
  dtype type_ = dtype::s32;
  std::size_t count_ = 0;
};

/// What an operator's shape rule and prepare function are given. `constant[i]` holds the bytes of
/// input i where it is known before running (weights, axes, paddings), else it is empty. An absent
/// optional input has `present(i) == false`.
struct node_view {
  std::span<const tensor_desc> in;
  std::span<const tensor_desc> out;
  std::span<const std::span<const std::byte>> constant;
  std::span<const bool> given;
  const attribute_view* attrs = nullptr;
  rounding round = rounding::none;

  constexpr bool present(std::size_t i) const { return i < in.size() && given[i]; }
  constexpr bool is_constant(std::size_t i) const {
    return present(i) && (!constant[i].empty() || in[i].shape.elements().value == 0);
  }
  /// Elements of a constant input as T; the data may be unaligned in the file, so the importer
  /// copies constants to aligned storage.
  template <class T> std::span<const T> constant_as(std::size_t i) const {
    return {reinterpret_cast<const T*>(constant[i].data()), constant[i].size() / sizeof(T)};
  }
  /// A small s32 or s64 constant as int64 values (axes, paddings, shapes); empty if input i is not
  /// such a constant.
  integer_constant integers(std::size_t i) const {
    if (!present(i) || constant[i].empty() ||
        (in[i].type != dtype::s32 && in[i].type != dtype::s64))
      return {};
    return {constant[i].data(), in[i].type, constant[i].size() / size_of(in[i].type)};
  }
};

/// What a node takes of a plan's memory, counted before it is prepared from types, shapes and
/// attributes alone: the compiler lays typed graphs out by it, and preparing a node on any path
/// checks that it suffices. Values of constants may be unknown (in the compiler they are): then it
/// counts the most that any values need. Usable in constant evaluation.
class node_memory {
 public:
  static constexpr std::size_t most_targets = 8;

  /// Counts kernels' memory on these targets' layouts (null: references run).
  constexpr explicit node_memory(
      std::span<const kernels::target_layout* const> targets = {}) noexcept
      : targets_(targets) {}

  // What `prepared` has by the same names.
  template <class P> constexpr void make() { array<P>(1); }
  template <class T> constexpr void array(std::size_t n) {
    if (n != 0) params = round_up(params, alignof(T)) + n * sizeof(T);
  }
  /// Asks `need(const target_layout&) -> node_bytes` for each target: nothing where the kernel
  /// does not take the node.
  template <class F> constexpr void kernel(F&& need) {
    for (std::size_t i = 0; i < targets_.size(); ++i)
      if (targets_[i] != nullptr) on[i] = need(*targets_[i]);
  }

  /// The output is the first input's bytes under another shape: no step where the two may share
  /// memory, else a copy.
  bool alias = false;
  std::size_t params = 0;             // bytes of the params and the arrays they point to
  std::size_t reference_scratch = 0;  // bytes that one call of the reference needs
  std::array<kernels::node_bytes, most_targets>
      on{};  // the kernel's, for each of the targets asked for

 private:
  std::span<const kernels::target_layout* const> targets_;
};
/// op_def::memory of operators that take params P and nothing else.
template <class P> constexpr void params_only(const node_view&, node_memory& to) { to.make<P>(); }

/// Filled by an operator's prepare: what a step needs besides memory. Target-independent: the
/// kernel of the chosen target then packs constants, and runs where it takes these params.
struct prepared {
  plan_memory* memory = nullptr;
  void* params = nullptr;
  kernel_id kernel = kernel_id::none;
  kernel_fn reference = nullptr;  // always set, unless the node is an alias

  template <class P> P& make(kernel_fn ref, kernel_id k = kernel_id::none) {
    P* p = memory->array<P>(1).data();
    params = p;
    reference = ref;
    kernel = k;
    return *p;
  }
  template <class T> std::span<T> array(std::size_t n) { return memory->array<T>(n); }
};

// ---- forms ----

/// Element types as a set.
class type_set {
 public:
  constexpr type_set() = default;
  constexpr type_set(dtype t) : bits_(bit(t)) {}  // NOLINT
  constexpr type_set(std::initializer_list<dtype> list) {
    for (const dtype t : list) bits_ |= bit(t);
  }
  constexpr bool contains(dtype t) const { return (bits_ & bit(t)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr type_set operator|(type_set o) const {
    o.bits_ |= bits_;
    return o;
  }
  constexpr bool operator==(const type_set&) const = default;

 private:
  static_assert(enumerators<dtype>.size() <= 16);
  static constexpr std::uint16_t bit(dtype t) {
    return static_cast<std::uint16_t>(1u << static_cast<unsigned>(t));
  }
  std::uint16_t bits_ = 0;
};

/// Roundings as a set.
class rounding_set {
 public:
  constexpr rounding_set() = default;
  constexpr rounding_set(rounding r) : bits_(bit(r)) {}  // NOLINT
  constexpr rounding_set(std::initializer_list<rounding> list) {
    for (const rounding r : list) bits_ |= bit(r);
  }
  constexpr bool contains(rounding r) const { return (bits_ & bit(r)) != 0; }
  constexpr rounding_set operator|(rounding_set o) const {
    o.bits_ |= bits_;
    return o;
  }

 private:
  static_assert(enumerators<rounding>.size() <= 32);
  static constexpr std::uint32_t bit(rounding r) { return 1u << static_cast<unsigned>(r); }
  std::uint32_t bits_ = 0;
};

/// The types that quantized activations have.
inline constexpr type_set eight_bit{dtype::u8, dtype::s8};
inline constexpr type_set quantized_types = eight_bit | dtype::s16;
/// What a requantize writes.
inline constexpr type_set rescaled_types = quantized_types | type_set{dtype::u16, dtype::s32};
inline constexpr type_set accumulator_types{dtype::s32, dtype::s64};
inline constexpr type_set integer_types = rescaled_types | accumulator_types;
/// What compares: float32 and integers.
inline constexpr type_set number_types = integer_types | dtype::f32;
/// What plain sums and products are of.
inline constexpr type_set arithmetic_types{dtype::f32, dtype::s32, dtype::s64};
/// What data movement takes.
inline constexpr type_set all_types =
    number_types | type_set{dtype::f64, dtype::f16, dtype::u32, dtype::u64, dtype::boolean};

/// Element types of one operand of a form: one of a set, or the type that an input of the same node
/// has.
class operand_types {
 public:
  constexpr operand_types() = default;
  constexpr operand_types(type_set s) : set_(s) {}  // NOLINT
  constexpr operand_types(dtype t) : set_(t) {}     // NOLINT
  /// The type of input `i`, whatever it is.
  static constexpr operand_types like(std::int8_t i) {
    operand_types o;
    o.like_ = i;
    return o;
  }
  constexpr bool given() const { return like_ >= 0 || !set_.empty(); }
  constexpr bool is_like() const { return like_ >= 0; }
  constexpr std::size_t like_input() const { return static_cast<std::size_t>(like_); }
  constexpr type_set set() const { return set_; }

 private:
  type_set set_{};
  std::int8_t like_ = -1;
};
constexpr operand_types like(std::int8_t input) { return operand_types::like(input); }

/// Element types and roundings that go together. Where an operator takes any number of inputs or
/// outputs, the last entry given stands for those that follow.
struct form {
  std::array<operand_types, 15> in{};
  std::array<operand_types, 3> out{};
  rounding_set roundings = rounding::none;
};

/// Data movement: any type, the same throughout, no rounding.
inline constexpr form movement_forms[] = {
    {.in = {all_types, operand_types::like(0)}, .out = {operand_types::like(0)}},
};
/// float32 in and out.
inline constexpr form float_forms[] = {
    {.in = {dtype::f32}, .out = {dtype::f32}},
};

/// Indices of operands as a set.
class operand_set {
 public:
  constexpr operand_set() = default;
  constexpr operand_set(std::initializer_list<unsigned> list) {
    for (const unsigned i : list) bits_ |= 1u << i;
  }
  constexpr bool contains(std::size_t i) const { return i < 32 && (bits_ >> i & 1) != 0; }
  constexpr bool empty() const { return bits_ == 0; }

 private:
  std::uint32_t bits_ = 0;
};

/// One row of the operator list: all that octet knows of an operator, as constants. Whoever needs a
/// fact about an operator reads it here; its cases stand in tests/cases. Two conventions keep an
/// operator usable in typed graphs, which evaluate `shape` in the compiler and run `prepare`
/// without a heap:
///  - `shape` is a constexpr function that reads attributes (not constant inputs) into the attrs
///    struct and calls the operator's constexpr rule over dims and attrs; a rule that is broken is
///    returned as a violation, not as text;
///  - `prepare` takes all memory from `prepared`, as much as `memory` counts, and keeps temporaries
///    in fixed arrays: no std::vector or std::string on the way to success (errors may allocate).
struct op_def {
  std::string_view name;                                     // as the IR prints it: "qnn.conv2d"
  std::string_view summary;                                  // one line, for the documentation
  std::int32_t min_inputs = 1, max_inputs = 1, outputs = 1;  // -1: any number
  /// Inputs that a node may leave out.
  operand_set optional{};
  /// Element types and roundings; what is not here is refused before `prepare` is called.
  std::span<const form> forms{};
  /// The output is an exact sum of products (int32 or int64) under rounding none: a qnn.requantize
  /// that reads it can become the node's own rounding.
  bool accumulates = false;
  /// The kernel that SIMD targets have for some of its forms.
  kernel_id kernel = kernel_id::none;
  /// Shape of every output from inputs, attributes and small constants. Null only for operators
  /// whose outputs' shapes the importer must give.
  status (*shape)(const node_view&, std::span<dims> out) = nullptr;
  /// Counts what prepare, the reference and the kernel take. A constexpr function; the node's types
  /// may be ones that have no form. Null only for operators registered from outside, which typed
  /// graphs then do not take.
  void (*memory)(const node_view&, node_memory&) = nullptr;
  /// Checks quantization and attributes, fills `prepared`. The node has one of the forms: call it
  /// through prepare_node.
  status (*prepare)(const node_view&, prepared&) = nullptr;
  /// What a law decides about a node of this operator (laws/); null: the operator does not round.
  laws::decision (*decide)(const laws::facts&) = nullptr;
};

inline error_info unsupported(std::string what, std::string found = {},
                              std::string supported = {}) {
  return {errc::unsupported, std::move(what), {}, {}, {}, std::move(found), std::move(supported)};
}
inline error_info invalid(std::string what, std::string found = {}, std::string supported = {}) {
  return {errc::invalid, std::move(what), {}, {}, {}, std::move(found), std::move(supported)};
}
namespace detail {
/// For switches whose other roundings the operator's forms exclude.
inline error_info no_such_rounding(const node_view& n) {
  return unsupported("rounding", std::string(name_of(n.round)));
}
constexpr operand_types operand_of(std::span<const operand_types> list, bool repeats,
                                   std::size_t i) {
  std::size_t given = 0;
  while (given < list.size() && list[given].given()) ++given;
  if (i < given) return list[i];
  return repeats && given != 0 ? list[given - 1] : operand_types{};
}
constexpr bool has_types(const op_def& op, const form& f, const node_view& n) {
  const auto fits = [&](const operand_types& o, dtype t) {
    return o.is_like() ? t == n.in[o.like_input()].type : o.set().contains(t);
  };
  for (std::size_t i = 0; i < n.in.size(); ++i)
    if (n.present(i) && !fits(operand_of(f.in, op.max_inputs < 0, i), n.in[i].type)) return false;
  for (std::size_t i = 0; i < n.out.size(); ++i)
    if (!fits(operand_of(f.out, op.outputs < 0, i), n.out[i].type)) return false;
  return true;
}
/// Names of a form's types and roundings: "uint8|int8, as input 0 -> float32, AWAY|EVEN".
inline std::string text_of(const operand_types& o) {
  if (o.is_like()) return "as input " + std::to_string(o.like_input());
  std::string s;
  for (const dtype t : enumerators<dtype>)
    if (o.set().contains(t)) s += (s.empty() ? "" : "|") + std::string(name_of(t));
  return o.set() == all_types ? "any" : s;
}
inline std::string text_of(const rounding_set& r) {
  std::string s;
  for (const rounding i : enumerators<rounding>)
    if (r.contains(i)) s += (s.empty() ? "" : "|") + std::string(name_of(i));
  return s;
}
inline std::string text_of(const form& f) {
  const auto list = [](std::span<const operand_types> operands) {
    std::string s;
    for (const operand_types& o : operands)
      if (o.given()) s += (s.empty() ? "" : ", ") + text_of(o);
    return s;
  };
  return list(f.in) + " -> " + list(f.out) + ", " + text_of(f.roundings);
}
inline error_info no_such_form(const op_def& op, const node_view& n) {
  std::string found, supported;
  for (std::size_t i = 0; i < n.in.size(); ++i)
    found += (i == 0 ? "" : ", ") + std::string(n.present(i) ? name_of(n.in[i].type) : "absent");
  for (std::size_t i = 0; i < n.out.size(); ++i)
    found += (i == 0 ? " -> " : ", ") + std::string(name_of(n.out[i].type));
  found += ", " + std::string(name_of(n.round));
  bool typed = false;  // only the rounding is wrong: only forms of these types help
  for (const form& f : op.forms) typed |= has_types(op, f, n);
  for (const form& f : op.forms)
    if (!typed || has_types(op, f, n)) supported += (supported.empty() ? "" : "; ") + text_of(f);
  return unsupported((typed ? "rounding of " : "element types of ") + std::string(op.name),
                     std::move(found), std::move(supported));
}
}  // namespace detail

/// Whether the node has one of its operator's forms: element types and rounding that go together,
/// and only optional inputs left out. Operators without declared forms (registered from outside)
/// check in `prepare` themselves.
constexpr bool takes(const op_def& op, const node_view& n) {
  for (std::size_t i = 0; i < n.in.size(); ++i)
    if (!n.present(i) && !op.optional.contains(i) && !op.forms.empty()) return false;
  for (const form& f : op.forms)
    if (f.roundings.contains(n.round) && detail::has_types(op, f, n)) return true;
  return op.forms.empty();
}
/// Prepares one node, or says which forms its operator has.
inline status prepare_node(const op_def& op, const node_view& n, prepared& to) {
  if (takes(op, n)) return op.prepare(n, to);
  for (std::size_t i = 0; i < n.in.size(); ++i)
    if (!n.present(i) && !op.optional.contains(i))
      return invalid("input " + std::to_string(i) + " of " + std::string(op.name), "absent",
                     "an operand that must be given");
  return detail::no_such_form(op, n);
}

/// For shape rules with one output.
constexpr status set_shape(std::span<dims> out, const shape_or& s) {
  if (s.broken) return s.broken;
  if (!out.empty()) out[0] = s.shape;
  return unit{};
}

OCTET_NAMESPACE_END

// ---- octet/ops/by_law.hpp
// A node as laws see it: from descriptions and attributes to the facts that decide its rounding.


OCTET_NAMESPACE_BEGIN

constexpr laws::operand operand_of(const tensor_desc& t) {
  return {t.type, t.shape, t.scales.empty() ? 0 : t.scales[0], t.zero_point(), t.per_channel()};
}

/// Attributes that an operator does not have are absent and keep their defaults. f.x must be set.
constexpr void set_attributes(laws::facts& f, const attribute_view& a) {
  f.alpha = a.real("alpha");
  f.offset = a.integer("offset");
  for (std::int64_t axis : a.integers("axes"))
    f.axes.push_back(static_cast<std::int32_t>(axis < 0 ? axis + f.x.shape.rank : axis));
  for (const char* side : {"pad_top", "pad_left", "pad_bottom", "pad_right"})
    f.pool.padded |= a.integer(side) != 0;
  f.pool.counts_padding = a.integer("count_include_pad") != 0;
  f.pool.ceil_mode = a.integer("ceil_mode") != 0;
  f.pool.own_divisor = a.integer("divisor") != 0;
  f.pool.adaptive_h = static_cast<std::int32_t>(a.integer("adaptive_h"));
  f.pool.adaptive_w = static_cast<std::int32_t>(a.integer("adaptive_w"));
}
/// Only what the IR says; the framework's part is the caller's.
constexpr laws::facts facts_of(law arithmetic, const node_view& n,
                               const laws::framework_facts& framework) {
  laws::facts f;
  f.arithmetic = arithmetic;
  f.framework = framework;
  if (n.present(0)) f.x = operand_of(n.in[0]);
  if (n.present(1)) f.w = operand_of(n.in[1]);
  f.int32_bias = n.present(2) && n.in[2].type == dtype::s32;
  if (!n.out.empty()) {
    f.y = operand_of(n.out[0]);
    for (std::size_t i = 0; i < n.in.size(); ++i)
      f.keeps_quantization &= !n.present(i) || n.in[i].same_quantization(n.out[0]);
  }
  if (n.attrs) set_attributes(f, *n.attrs);
  return f;
}

/// What a law says of one node; an operator that does not round has no question.
constexpr laws::decision decide(const op_def& op, law arithmetic, const node_view& n,
                                const laws::framework_facts& framework) {
  return op.decide ? op.decide(facts_of(arithmetic, n, framework)) : laws::decision(rounding::none);
}

OCTET_NAMESPACE_END

// ---- octet/numerics/fp.hpp
// Floating-point primitives that give the same bits in constant evaluation, on every compiler and
// under every flag.

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>


OCTET_NAMESPACE_BEGIN
namespace numerics {

/// The value itself, with the promise that it was rounded to its type: compilers fuse a*b+c into
/// one rounding (clang inside an AVX2 function, g++ under -ffp-contract=fast), and -ffast-math
/// reorders. An empty asm on the register stops both; identity in constant evaluation.
template <class T> OCTET_ALWAYS_INLINE constexpr T rounded(T v) noexcept {
  if (!std::is_constant_evaluated()) {
#if defined(__x86_64__)
    asm("" : "+x"(v));
#elif defined(__aarch64__)
    asm("" : "+w"(v));
#elif defined(__GNUC__)
    asm("" : "+m"(v));
#endif
  }
  return v;
}

/// The binary32 or binary64 product, sum, difference, quotient with exactly one rounding.
/// Constant evaluation takes the short way: clang counts every call against its step limit, and a
/// 256-entry table has many.
template <class T>
concept binary_float = std::is_same_v<T, float> || std::is_same_v<T, double>;
template <binary_float T> OCTET_ALWAYS_INLINE constexpr T mul(T a, T b) noexcept {
  return std::is_constant_evaluated() ? a * b : rounded(rounded(a) * rounded(b));
}
template <binary_float T> OCTET_ALWAYS_INLINE constexpr T add(T a, T b) noexcept {
  return std::is_constant_evaluated() ? a + b : rounded(rounded(a) + rounded(b));
}
template <binary_float T> OCTET_ALWAYS_INLINE constexpr T sub(T a, T b) noexcept {
  return std::is_constant_evaluated() ? a - b : rounded(rounded(a) - rounded(b));
}
template <binary_float T> OCTET_ALWAYS_INLINE constexpr T div(T a, T b) noexcept {
  return std::is_constant_evaluated() ? a / b : rounded(rounded(a) / rounded(b));
}

/// Tests on the bits: -ffast-math lets compilers fold v != v to false.
constexpr bool is_nan(float v) noexcept {
  return (std::bit_cast<std::uint32_t>(v) & 0x7FFFFFFFu) > 0x7F800000u;
}
constexpr bool is_nan(double v) noexcept {
  return (std::bit_cast<std::uint64_t>(v) & 0x7FFFFFFFFFFFFFFFu) > 0x7FF0000000000000u;
}
constexpr bool is_infinite(float v) noexcept {
  return (std::bit_cast<std::uint32_t>(v) & 0x7FFFFFFFu) == 0x7F800000u;
}
constexpr bool is_infinite(double v) noexcept {
  return (std::bit_cast<std::uint64_t>(v) & 0x7FFFFFFFFFFFFFFFu) == 0x7FF0000000000000u;
}
constexpr bool is_negative(float v) noexcept {
  return std::bit_cast<std::uint32_t>(v) >> 31 != 0;
}  // also of -0 and NaN
constexpr bool is_negative(double v) noexcept { return std::bit_cast<std::uint64_t>(v) >> 63 != 0; }
/// |v| with the sign of `sign`.
constexpr float with_sign(float v, float sign) noexcept {
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(v) & 0x7FFFFFFFu) |
                              (std::bit_cast<std::uint32_t>(sign) & 0x80000000u));
}
constexpr double with_sign(double v, double sign) noexcept {
  return std::bit_cast<double>((std::bit_cast<std::uint64_t>(v) & 0x7FFFFFFFFFFFFFFFu) |
                               (std::bit_cast<std::uint64_t>(sign) & 0x8000000000000000u));
}
template <binary_float T> constexpr T nan_of() noexcept {
  if constexpr (sizeof(T) == 4)
    return std::bit_cast<float>(0x7FC00000u);
  else
    return std::bit_cast<double>(std::uint64_t{0x7FF8000000000000u});
}
template <binary_float T> constexpr T infinity_of(bool negative = false) noexcept {
  if constexpr (sizeof(T) == 4)
    return std::bit_cast<float>(negative ? 0xFF800000u : 0x7F800000u);
  else
    return std::bit_cast<double>(negative ? std::uint64_t{0xFFF0000000000000u}
                                          : std::uint64_t{0x7FF0000000000000u});
}

/// Round to nearest integer value, ties to even (rint). NaN and infinities are returned; the sign
/// of zero is kept.
constexpr float rint(float v) noexcept {
  constexpr float magic = 8388608.f;  // 2^23: from here on every float is an integer
  const float a = with_sign(v, 0.f);
  if (is_nan(v) || a >= magic) return v;
  return with_sign(sub(add(a, magic), magic), v);
}
constexpr double rint(double v) noexcept {
  constexpr double magic = 4503599627370496.;  // 2^52
  const double a = with_sign(v, 0.);
  if (is_nan(v) || a >= magic) return v;
  return with_sign(sub(add(a, magic), magic), v);
}
/// Truncate toward zero, as an integer value.
constexpr double trunc(double v) noexcept {
  const double a = with_sign(v, 0.);
  if (is_nan(v) || a >= 4503599627370496.) return v;
  return with_sign(static_cast<double>(static_cast<std::int64_t>(a)), v);
}
constexpr float trunc(float v) noexcept {
  return static_cast<float>(trunc(static_cast<double>(v)));
}
constexpr double floor(double v) noexcept {
  if (is_nan(v)) return v;
  const double t = trunc(v);
  return t > v ? sub(t, 1.) : t;
}
constexpr float floor(float v) noexcept {
  return static_cast<float>(floor(static_cast<double>(v)));
}
/// Round half away from zero (std::round): not trunc(v + 0.5), which is wrong just below a half.
constexpr double round_half_away(double v) noexcept {
  if (is_nan(v) || is_infinite(v)) return v;
  const double t = trunc(v);
  const double rest = sub(v, t);  // exact
  return rest >= 0.5 ? add(t, 1.) : rest <= -0.5 ? sub(t, 1.) : t;
}
constexpr float round_half_away(float v) noexcept {
  return static_cast<float>(round_half_away(static_cast<double>(v)));
}

/// Integer value v (possibly NaN, infinite or huge) as an int32 between lo and hi; NaN gives lo.
constexpr std::int32_t clamp_to_int(double v, std::int32_t lo, std::int32_t hi) noexcept {
  if (is_nan(v) || v <= lo) return lo;
  if (v >= hi) return hi;
  return static_cast<std::int32_t>(v);
}
template <class T> constexpr T clamp(T v, T lo, T hi) noexcept {
  return v < lo ? lo : v > hi ? hi : v;
}

}  // namespace numerics
OCTET_NAMESPACE_END

// ---- octet/laws/xnnpack.hpp
// Which scales XNNPACK takes; outside these ranges TFLite's own kernels run, with other roundings.
// x, y: scales of an input and of the output.


OCTET_NAMESPACE_BEGIN
namespace laws {

/// A change of scale: what 8 fractional bits can hold.
constexpr bool xnnpack_takes_rescale(double x, double y) noexcept {
  const float ratio = numerics::div(static_cast<float>(x), static_cast<float>(y));
  return ratio >= 0x1p-8f && ratio <= 128;
}
/// leaky_relu: also the slope times the ratio.
constexpr bool xnnpack_takes_leaky_relu(double x, double y, float alpha) noexcept {
  const float slope =
      numerics::mul(numerics::div(static_cast<float>(x), static_cast<float>(y)), alpha);
  return xnnpack_takes_rescale(x, y) && slope >= -127.99609375f && slope <= 128 &&
         (slope >= 0x1p-8f || slope <= -0x1p-8f);
}
/// One operand of a sum.
constexpr bool xnnpack_takes_addend(double x, double y) noexcept {
  const float ratio = numerics::div(static_cast<float>(x), static_cast<float>(y));
  return ratio >= 1.f / 1024 && ratio < 256;
}

}  // namespace laws
OCTET_NAMESPACE_END

// ---- octet/laws/elementwise.hpp
// Operators of two operands, and of one where TFLite has an integer formula for them.


OCTET_NAMESPACE_BEGIN
namespace laws {

/// XNNPACK's sum where it takes both scales.
constexpr decision sum_by_xnnpack(const facts& f) {
  return is_8bit(f.x.type) && xnnpack_takes_addend(f.x.scale, f.y.scale) &&
                 xnnpack_takes_addend(f.w.scale, f.y.scale)
             ? by_xnnpack(rounding::xnnpack)
             : decision(rounding::doubling_high_half_away);
}
/// TFLite's optimized int16 sum, OPT, runs where no operand is broadcast.
constexpr decision add(const facts& f) {
  const bool merged = f.x.type == dtype::s16 && f.x.shape == f.w.shape;
  return choose(f.arithmetic, {.tflite_ref = rounding::doubling_high_half_away,
                               .tflite_xnnpack = merged ? decision(rounding::tflite_optimized)
                                                        : sum_by_xnnpack(f),
                               .pytorch_fbgemm = by_pytorch(rounding::aten),
                               .pytorch_qnnpack = by_pytorch(rounding::qnnpack),
                               .mxnet = by_mxnet(rounding::mxnet)});
}
constexpr decision sub(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = rounding::doubling_high_half_away,
                               .tflite_xnnpack = sum_by_xnnpack(f),
                               .pytorch_fbgemm = no_operator(),
                               .pytorch_qnnpack = no_operator(),
                               .mxnet = no_operator()});
}
constexpr decision mul(const facts& f) {
  return choose(f.arithmetic,
                {.tflite_ref = rounding::doubling_high_half_away,
                 .tflite_xnnpack = is_8bit(f.x.type) ? by_xnnpack(rounding::float_half_even)
                                                     : decision(rounding::doubling_high_half_away),
                 .pytorch_fbgemm = by_pytorch(rounding::reciprocal_half_even),
                 .pytorch_qnnpack = by_pytorch(rounding::reciprocal_half_even),
                 .mxnet = no_operator()});
}
/// TFLite alone, and the same under both of its laws.
constexpr decision tflite_only(law l, rounding r) {
  return choose(l, {.tflite_ref = r,
                    .tflite_xnnpack = r,
                    .pytorch_fbgemm = no_operator(),
                    .pytorch_qnnpack = no_operator(),
                    .mxnet = no_operator()});
}
/// div, squared_difference, comparisons, abs, l2_normalization, lstm, svdf, reduce_prod.
constexpr decision tflite_integers(const facts& f) {
  return tflite_only(f.arithmetic, rounding::doubling_high_half_away);
}
/// The raw value's negative.
constexpr decision neg(const facts& f) { return tflite_only(f.arithmetic, rounding::none); }

/// Inputs with the result's parameters are copied by TFLite (others only in uint8), never by
/// PyTorch.
constexpr decision concat(const facts& f) {
  const rounding tflite = f.keeps_quantization ? rounding::none : rounding::divide_half_away;
  return choose(f.arithmetic, {.tflite_ref = tflite,
                               .tflite_xnnpack = tflite,
                               .pytorch_fbgemm = by_pytorch(rounding::reciprocal_half_even),
                               .pytorch_qnnpack = by_pytorch(rounding::reciprocal_half_even),
                               .mxnet = f.keeps_quantization ? by_mxnet(rounding::none)
                                                             : by_mxnet(rounding::mxnet)});
}

}  // namespace laws
OCTET_NAMESPACE_END

// ---- octet/numerics/fma.hpp
// Fused multiply-add with one rounding, without the instruction: for formulas of frameworks that
// use it, on every CPU and at compile time.


OCTET_NAMESPACE_BEGIN
namespace numerics {

/// a * b + c with one rounding to binary32. The product is exact in binary64 (48 bits); the sum is
/// rounded to odd there (53 bits >= 24 + 2), so that the final rounding to 24 bits is the only one
/// that counts.
constexpr float fma(float a, float b, float c) noexcept {
  const double p = mul(static_cast<double>(a), static_cast<double>(b)), q = static_cast<double>(c);
  const double s = add(p, q);
  const double t = sub(s, p),
               error = add(sub(p, sub(s, t)), sub(q, t));  // two-sum: s + error == p + q
  const auto bits = std::bit_cast<std::uint64_t>(s);
  if (error != 0 && (bits & 1) == 0) {  // inexact and even: step to the odd neighbour on the
                                        // error's side (NaN and infinity have error NaN)
    if (!(error > 0) && !(error < 0)) return static_cast<float>(s);
    return static_cast<float>(std::bit_cast<double>((error > 0) == (s > 0) ? bits + 1 : bits - 1));
  }
  return static_cast<float>(s);
}

}  // namespace numerics
OCTET_NAMESPACE_END

// ---- octet/ops/types.hpp
// Calls a generic function with C++ types chosen by run-time dtypes.


OCTET_NAMESPACE_BEGIN

template <class T> struct type_tag { using type = T; };

/// f(type_tag<T>{}) for the quantized activation types u8, s8, s16 (others: not called, returns
/// false).
template <class F> constexpr bool with_quantized(dtype t, F&& f) {
  switch (t) {
    case dtype::u8: f(type_tag<std::uint8_t>{}); return true;
    case dtype::s8: f(type_tag<std::int8_t>{}); return true;
    case dtype::s16: f(type_tag<std::int16_t>{}); return true;
    case dtype::f32:
    case dtype::f64:
    case dtype::f16:
    case dtype::u16:
    case dtype::s32:
    case dtype::u32:
    case dtype::s64:
    case dtype::u64:
    case dtype::boolean: return false;
  }
  return false;
}
/// The same with s32, s64 (accumulators) and u16 in addition.
template <class F> constexpr bool with_integer(dtype t, F&& f) {
  switch (t) {
    case dtype::s32: f(type_tag<std::int32_t>{}); return true;
    case dtype::s64: f(type_tag<std::int64_t>{}); return true;
    case dtype::u16: f(type_tag<std::uint16_t>{}); return true;
    case dtype::u8:
    case dtype::s8:
    case dtype::s16: return with_quantized(t, f);
    case dtype::f32:
    case dtype::f64:
    case dtype::f16:
    case dtype::u32:
    case dtype::u64:
    case dtype::boolean: return false;
  }
  return false;
}
/// f(type_tag<U>{}) for an unsigned type of the element's size: data movement. Always calls f.
template <class F> constexpr void with_size(dtype t, F&& f) {
  switch (size_of(t)) {
    case 1: f(type_tag<std::uint8_t>{}); break;
    case 2: f(type_tag<std::uint16_t>{}); break;
    case 4: f(type_tag<std::uint32_t>{}); break;
    default: f(type_tag<std::uint64_t>{}); break;
  }
}

OCTET_NAMESPACE_END

// ---- octet/ops/broadcast.hpp
// How operands of different shapes meet element by element: one plan for every operator that
// broadcasts.


OCTET_NAMESPACE_BEGIN

/// Output extents with adjacent axes merged where every operand allows it, and each operand's
/// stride per axis in elements (0: repeated).
template <int N> struct broadcast_plan {
  std::size_t count = 0;  // elements of the output
  std::size_t inner = 1;  // extent of the innermost merged axis
  std::int32_t rank = 1;  // merged axes, at least one
  std::array<std::int32_t, dims::max_rank> extent{1};
  std::array<std::array<std::int32_t, dims::max_rank>, N> stride{};
};

/// Plan for operands of these shapes; all must broadcast to `y` (checked by the operator's shape
/// rule).
template <int N>
constexpr broadcast_plan<N> make_broadcast(const std::array<dims, N>& in, const dims& y) {
  broadcast_plan<N> p;
  p.count = y.elements().value;
  std::array<std::array<std::int32_t, dims::max_rank>, N> stride{};
  for (std::size_t k = 0; k < static_cast<std::size_t>(N); ++k) {
    std::int64_t s = 1;
    for (int i = 0; i < y.rank; ++i) {
      const std::int32_t e = in[k].back(i);
      stride[k][static_cast<std::size_t>(y.rank - 1 - i)] =
          e == 1 ? 0 : static_cast<std::int32_t>(s);
      s *= e;
    }
  }
  // From the innermost outwards: axis i joins the axis inside it if for every operand the step of i
  // equals a full pass over that axis.
  p.rank = 0;
  std::array<std::int32_t, dims::max_rank> extent{};  // innermost first
  std::array<std::array<std::int32_t, dims::max_rank>, N> merged{};
  for (int i = y.rank - 1; i >= 0; --i) {
    const auto at = static_cast<std::size_t>(i);
    if (y[i] == 1) continue;
    const auto last = static_cast<std::size_t>(p.rank > 0 ? p.rank - 1 : 0);
    bool join = p.rank > 0;
    for (std::size_t k = 0; k < static_cast<std::size_t>(N) && join; ++k)
      join = stride[k][at] == merged[k][last] * extent[last];
    if (join) {
      extent[last] *= y[i];
    } else {
      const auto to = static_cast<std::size_t>(p.rank++);
      extent[to] = y[i];
      for (std::size_t k = 0; k < static_cast<std::size_t>(N); ++k) merged[k][to] = stride[k][at];
    }
  }
  if (p.rank == 0) {
    p.rank = 1;
    extent[0] = 1;
    for (std::size_t k = 0; k < static_cast<std::size_t>(N); ++k) merged[k][0] = 1;
  }
  for (std::int32_t i = 0; i < p.rank; ++i) {
    const auto from = static_cast<std::size_t>(p.rank - 1 - i), to = static_cast<std::size_t>(i);
    p.extent[to] = extent[from];
    for (std::size_t k = 0; k < static_cast<std::size_t>(N); ++k) p.stride[k][to] = merged[k][from];
  }
  p.inner = static_cast<std::size_t>(p.extent[static_cast<std::size_t>(p.rank - 1)]);
  return p;
}

/// f(i, offsets) for output elements [begin, end): i is the output index, offsets[k] the element of
/// operand k.
template <int N, class F>
constexpr void for_each_broadcast(const broadcast_plan<N>& p, std::size_t begin, std::size_t end,
                                  F&& f) {
  if (begin >= end) return;
  std::array<std::int32_t, dims::max_rank> at{};
  std::array<std::size_t, N> offset{};
  std::size_t rest = begin;
  for (std::int32_t i = p.rank - 1; i >= 0; --i) {
    const auto axis = static_cast<std::size_t>(i),
               extent = static_cast<std::size_t>(p.extent[axis]);
    at[axis] = static_cast<std::int32_t>(rest % extent);
    rest /= extent;
    for (std::size_t k = 0; k < static_cast<std::size_t>(N); ++k)
      offset[k] += static_cast<std::size_t>(at[axis]) * static_cast<std::size_t>(p.stride[k][axis]);
  }
  for (std::size_t i = begin; i < end; ++i) {
    f(i, offset);
    for (std::int32_t d = p.rank - 1; d >= 0; --d) {
      const auto axis = static_cast<std::size_t>(d);
      for (std::size_t k = 0; k < static_cast<std::size_t>(N); ++k)
        offset[k] += static_cast<std::size_t>(p.stride[k][axis]);
      if (++at[axis] < p.extent[axis]) break;
      for (std::size_t k = 0; k < static_cast<std::size_t>(N); ++k)
        offset[k] -=
            static_cast<std::size_t>(p.stride[k][axis]) * static_cast<std::size_t>(p.extent[axis]);
      at[axis] = 0;
    }
  }
}

/// Shape rule of two operands that broadcast.
constexpr shape_or binary_shape(const dims& a, const dims& b) {
  const dims y = broadcast(a, b);
  if (y.rank < 0) return violation{rule::shapes_differ, a, b};
  return y;
}

namespace ops {
constexpr status binary_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, binary_shape(n.in[0].shape, n.in[1].shape));
}
/// For operators whose output has the first input's shape.
constexpr status same_op_shape(const node_view& n, std::span<dims> out) {
  out[0] = n.in[0].shape;
  return unit{};
}
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/laws/quantize.hpp
// quantize, requantize.


OCTET_NAMESPACE_BEGIN
namespace laws {

constexpr decision quantize(const facts& f) {
  return choose(f.arithmetic,
                {.tflite_ref = rounding::divide_half_away,
                 .tflite_xnnpack = is_8bit(f.y.type) ? by_xnnpack(rounding::reciprocal_half_even)
                                                     : decision(rounding::tflite_optimized),
                 .pytorch_fbgemm = by_pytorch(rounding::reciprocal_half_even),
                 .pytorch_qnnpack = by_pytorch(rounding::reciprocal_half_even),
                 .mxnet = by_mxnet(rounding::mxnet)});
}
/// Quantized values to another scale or type. XNNPACK takes 8 bits of one type in its range;
/// TFLite's optimized kernel is RU in 8 bits. PyTorch has it only inside add_scalar (with an
/// offset) and mul_scalar (codes mirrored in steps of one size: the product is exact).
constexpr decision requantize(const facts& f) {
  const bool bytes = is_8bit(f.x.type) && is_8bit(f.y.type),
             taken = bytes && f.x.type == f.y.type && xnnpack_takes_rescale(f.x.scale, f.y.scale);
  const decision pytorch = f.offset != 0            ? by_pytorch(rounding::reciprocal_half_even)
                           : f.x.scale == f.y.scale ? by_pytorch(rounding::float_half_even)
                                                    : no_operator();
  return choose(f.arithmetic,
                {.tflite_ref = rounding::doubling_high_half_away,
                 .tflite_xnnpack = taken   ? by_xnnpack(rounding::eight_bit_ratio_half_up)
                                   : bytes ? decision(rounding::doubling_high_half_up)
                                           : decision(rounding::doubling_high_half_away),
                 .pytorch_fbgemm = pytorch,
                 .pytorch_qnnpack = pytorch,
                 .mxnet = by_mxnet(rounding::mxnet)});
}

}  // namespace laws
OCTET_NAMESPACE_END

// ---- octet/numerics/requantize.hpp
// From an accumulator to a quantized value: multiplier derivation and the rounding policies, all
// constexpr. Formulas: docs/numerics.md. Notation there: QM, SRDHM, RDP, RSU, DR, RU, I64, D64, F.

#include <bit>
#include <cstdint>
#include <limits>


OCTET_NAMESPACE_BEGIN

/// A positive real as m * 2^(shift - 31) with m in [2^30, 2^31): TFLite's quantized multiplier.
struct multiplier {
  std::int32_t m = 0;
  std::int32_t shift = 0;
  constexpr bool operator==(const multiplier&) const = default;
};

namespace numerics {

/// QM(d), d >= 0 and finite: frexp, then round half away from zero to 31 bits. Below 2^-32 it is
/// (0, 0), as in TFLite. Computed from the bits: std::frexp and std::round are not constant
/// expressions in clang.
constexpr multiplier quantize_multiplier(double d) noexcept {
  if (!(d > 0)) return {0, 0};
  const auto b = std::bit_cast<std::uint64_t>(d);
  int e = static_cast<int>(b >> 52 & 2047);
  std::uint64_t f = b & ((std::uint64_t{1} << 52) - 1);
  if (e == 0) {
    const int lz = std::countl_zero(f) - 11;
    f <<= lz;
    e = 1 - lz;
  } else {
    f |= std::uint64_t{1} << 52;
  }
  int shift = e - 1022;
  std::uint64_t q = (f + (std::uint64_t{1} << 21)) >> 22;
  if (q == std::uint64_t{1} << 31) {
    q >>= 1;
    ++shift;
  }
  if (shift < -31) return {0, 0};
  if (shift > 30) return {std::numeric_limits<std::int32_t>::max(), 30};
  return {static_cast<std::int32_t>(q), shift};
}

/// Saturating rounding doubling high multiply: floor((a*b + 2^30) / 2^31), ties up. Only INT32_MIN
/// * INT32_MIN saturates.
constexpr std::int32_t doubling_high_multiply(std::int32_t a, std::int32_t b) noexcept {
  constexpr std::int32_t lowest = std::numeric_limits<std::int32_t>::min();
  if (a == lowest && b == lowest) return std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int32_t>((std::int64_t{a} * b + (std::int64_t{1} << 30)) >> 31);
}
/// x / 2^e, 0 <= e <= 62, ties away from zero.
constexpr std::int32_t rounding_shift_half_away(std::int32_t x, int e) noexcept {
  const std::int64_t mask = (std::int64_t{1} << e) - 1, rem = x & mask,
                     threshold = (mask >> 1) + (x < 0);
  return static_cast<std::int32_t>((std::int64_t{x} >> e) + (rem > threshold));
}
/// x / 2^e, 0 <= e <= 31, ties up.
constexpr std::int32_t rounding_shift_half_up(std::int32_t x, int e) noexcept {
  return e == 0 ? x
                : static_cast<std::int32_t>((std::int64_t{x} + (std::int64_t{1} << (e - 1))) >> e);
}
/// x << l with two's complement wrap-around.
constexpr std::int32_t shl_wrap(std::int32_t x, int l) noexcept {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(x) << l);
}

/// The 15-bit multiplier of I64.
constexpr std::int32_t reduce_multiplier(std::int32_t m) noexcept {
  return m < 0x7FFF0000 ? (m + (1 << 15)) >> 16 : 0x7FFF;
}

/// Q8's factor: a ratio of scales with 8 fractional bits. XNNPACK takes ratios in [2^-8, 2^7];
/// others are not its nodes.
constexpr multiplier q8_multiplier(float ratio) noexcept {
  return {clamp_to_int(static_cast<double>(rint(mul(ratio, 256.f))), -(1 << 23), 1 << 23), 8};
}
}  // namespace numerics

/// Each rounding formula once, as a type: `apply(x, factor)` takes an accumulator to a quantized
/// value before zero point and clamp, exact or rounded to an integer value. `factor` is what
/// prepare derives from the scales. M and s: QM(sx*sw/sy) = {m, shift}; l = max(s, 0), r = max(-s,
/// 0). Ties: for every formula the value of a half is given. Names are those of `rounding`.
namespace rounding_policy {

/// RDP(SRDHM(x << l, M), r): two roundings, ties of the first go up, of the second away from zero.
/// -2.5 may give -3, and 9.4949 may give 10.
struct doubling_high_half_away {
  static constexpr std::int64_t apply(std::int64_t x, multiplier q) noexcept {
    return numerics::rounding_shift_half_away(
        numerics::doubling_high_multiply(
            numerics::shl_wrap(static_cast<std::int32_t>(x), q.shift > 0 ? q.shift : 0), q.m),
        q.shift > 0 ? 0 : -q.shift);
  }
};
/// RSU(SRDHM(x << l, M), r): two roundings, ties of both go up. -2.5 gives -2.
struct doubling_high_half_up {
  static constexpr std::int64_t apply(std::int64_t x, multiplier q) noexcept {
    return numerics::rounding_shift_half_up(
        numerics::doubling_high_multiply(
            numerics::shl_wrap(static_cast<std::int32_t>(x), q.shift > 0 ? q.shift : 0), q.m),
        q.shift > 0 ? 0 : -q.shift);
  }
};
/// floor((x*M16 + 2^(14-s)) / 2^(15-s)), M16 = M rounded to 15 bits, |x| < 2^47: one rounding, ties
/// up. The result is cut to 32 bits before zero point and clamp, as TFLite's kernels do: a value
/// beyond int32 comes back with the other sign instead of saturating.
struct wide_half_up {
  static constexpr std::int64_t apply(std::int64_t x, multiplier q) noexcept {
    const int total = 15 - q.shift;
    // Unsigned: beyond 2^47, which only a damaged file brings about, the product wraps.
    const std::uint64_t p = static_cast<std::uint64_t>(x) *
                            static_cast<std::uint64_t>(numerics::reduce_multiplier(q.m));
    return static_cast<std::int32_t>(
        total <= 0 ? static_cast<std::int64_t>(p << -total)
                   : static_cast<std::int64_t>(p + (std::uint64_t{1} << (total - 1))) >> total);
  }
};
/// rha(f64(x) * d), d = sx*sw/sy in binary64: ties away from zero.
struct double_half_away {
  static constexpr double apply(std::int64_t x, double d) noexcept {
    return numerics::round_half_away(numerics::mul(static_cast<double>(x), d));
  }
};
/// rint(f32(f32(x) * m)), m = f32(f32(sx*sw) / sy): ties to even, and |x| > 2^24 is rounded to
/// binary32 first.
struct float_half_even {
  static constexpr double apply(std::int64_t x, float m) noexcept {
    return static_cast<double>(numerics::rint(numerics::mul(static_cast<float>(x), m)));
  }
};
/// F with a float bias in units of the accumulator: rint(f32(f32(f32(x) + b) * m)).
struct float_bias_half_even {
  static constexpr double apply(std::int64_t x, float m, float bias) noexcept {
    return static_cast<double>(
        numerics::rint(numerics::mul(numerics::add(static_cast<float>(x), bias), m)));
  }
};
/// rint(f32(f32(f32(x) * m) + zero point)), the zero point inside the rounding: an odd one turns
/// every tie round.
struct float_zero_point_half_even {
  static constexpr double apply(std::int64_t x, float m, std::int32_t zero_point) noexcept {
    return static_cast<double>(numerics::rint(
        numerics::add(numerics::mul(static_cast<float>(x), m), static_cast<float>(zero_point))));
  }
};
/// floor((x*m + 128) / 256), m = rint(256 * sx/sy): ties up, and only 8 fractional bits of the
/// scale.
struct eight_bit_ratio_half_up {
  static constexpr std::int64_t apply(std::int64_t x, multiplier q) noexcept {
    return (x * q.m + 128) >> 8;
  }
};
}  // namespace rounding_policy

namespace numerics {
/// The formulas as functions on int32 values.
constexpr std::int32_t doubling_high_half_away(std::int32_t x, multiplier q) noexcept {
  return static_cast<std::int32_t>(rounding_policy::doubling_high_half_away::apply(x, q));
}
constexpr std::int32_t doubling_high_half_up(std::int32_t x, multiplier q) noexcept {
  return static_cast<std::int32_t>(rounding_policy::doubling_high_half_up::apply(x, q));
}
constexpr std::int64_t wide_half_up(std::int64_t x, multiplier q) noexcept {
  return rounding_policy::wide_half_up::apply(x, q);
}

/// F as a float.
constexpr float scaled_half_even(std::int64_t x, float m) noexcept {
  return rint(mul(static_cast<float>(x), m));
}

/// Zero point and clamp after an integer formula, after a float one.
constexpr std::int32_t finish(std::int64_t v, std::int32_t zero_point, std::int32_t lo,
                              std::int32_t hi) noexcept {
  return static_cast<std::int32_t>(clamp<std::int64_t>(v + zero_point, lo, hi));
}
constexpr std::int32_t finish(double v, std::int32_t zero_point, std::int32_t lo,
                              std::int32_t hi) noexcept {
  return clamp_to_int(add(v, static_cast<double>(zero_point)), lo, hi);
}
}  // namespace numerics

/// Which multiplier array a rounding reads.
constexpr bool uses_multiplier(rounding r) {
  return r == rounding::doubling_high_half_away || r == rounding::doubling_high_half_up ||
         r == rounding::wide_half_up || r == rounding::eight_bit_ratio_half_up;
}
constexpr bool uses_float_scale(rounding r) {
  return r == rounding::float_half_even || r == rounding::float_bias_half_even ||
         r == rounding::float_zero_point_half_even || r == rounding::reciprocal_half_even ||
         r == rounding::mxnet;
}
/// Whether sx*sw is formed in binary32 where a node does not say.
constexpr bool uses_f32_product(rounding r) { return uses_float_scale(r) && r != rounding::mxnet; }

/// How a node turns accumulators into quantized values. Plain data: what an operator's params carry
/// and what kernels read. Arrays hold `channels` entries (1: one for all); each is set only for the
/// roundings named beside it. Memory belongs to the plan.
struct requantize_params {
  rounding mode = rounding::none;
  std::int32_t channels = 1;
  std::int32_t zero_point = 0;       // of the output
  std::int32_t lo = 0, hi = 0;       // clamp after the zero point: dtype range and fused activation
  const multiplier* mult = nullptr;  // DR, RU, I64, Q8
  const float* scale = nullptr;      // F, FB, FZ
  const double* scale64 = nullptr;   // D64
  const float* bias = nullptr;  // FB: bias_c / (sx * sw_c) in units of the accumulator; null: 0
};

namespace numerics {

/// One value: accumulator x (bias already added, except FB) of channel c to the output's quantized
/// value. A rounding without a formula here (a real number's, an
/// operator's own) gives x itself, clamped.
constexpr std::int32_t requantize(const requantize_params& p, std::int64_t x,
                                  std::int32_t c) noexcept {
  namespace policy = rounding_policy;
  const std::int32_t k = p.channels == 1 ? 0 : c, z = p.zero_point, lo = p.lo, hi = p.hi;
  switch (p.mode) {
    case rounding::doubling_high_half_away:
      return finish(policy::doubling_high_half_away::apply(x, p.mult[k]), z, lo, hi);
    case rounding::doubling_high_half_up:
      return finish(policy::doubling_high_half_up::apply(x, p.mult[k]), z, lo, hi);
    case rounding::wide_half_up:
      return finish(policy::wide_half_up::apply(x, p.mult[k]), z, lo, hi);
    case rounding::eight_bit_ratio_half_up:
      return finish(policy::eight_bit_ratio_half_up::apply(x, p.mult[k]), z, lo, hi);
    case rounding::double_half_away:
      return finish(policy::double_half_away::apply(x, p.scale64[k]), z, lo, hi);
    case rounding::float_half_even:
      return finish(policy::float_half_even::apply(x, p.scale[k]), z, lo, hi);
    case rounding::float_bias_half_even:
      return finish(policy::float_bias_half_even::apply(x, p.scale[k], p.bias ? p.bias[c] : 0.f), z,
                    lo, hi);
    case rounding::float_zero_point_half_even:
      return finish(policy::float_zero_point_half_even::apply(x, p.scale[k], z), 0, lo, hi);
    case rounding::none:
    case rounding::divide_half_away:
    case rounding::divide_half_even:
    case rounding::reciprocal_half_even:
    case rounding::divide_truncate:
    case rounding::xnnpack:
    case rounding::qnnpack:
    case rounding::aten:
    case rounding::fused_multiply_add:
    case rounding::tflite_optimized:
    case rounding::mxnet: break;
  }
  return finish(x, 0, lo, hi);
}

}  // namespace numerics
OCTET_NAMESPACE_END

// ---- octet/ops/requantize.hpp
// qnn.requantize: integers of one scale to quantized values of another, and the parameters every
// fused requantize shares.


OCTET_NAMESPACE_BEGIN

/// Clamp after the zero point, in quantized values: the output type's range narrowed by a fused
/// activation (attributes "clamp_lo" and "clamp_hi"; the importer derives them by its framework's
/// rule).
struct clamp_range {
  std::int32_t lo, hi;
};
inline clamp_range clamp_of(const attribute_view& a, dtype out) {
  const auto lo = std::max<std::int64_t>(lowest_of(out), INT32_MIN),
             hi = std::min<std::int64_t>(highest_of(out), INT32_MAX);
  return {static_cast<std::int32_t>(std::max(lo, a.integer("clamp_lo", lo))),
          static_cast<std::int32_t>(std::min(hi, a.integer("clamp_hi", hi)))};
}

/// The roundings of accumulators whose bias, if any, is an integer.
inline constexpr rounding_set requantizing{
    rounding::doubling_high_half_away,
    rounding::doubling_high_half_up,
    rounding::wide_half_up,
    rounding::double_half_away,
    rounding::float_half_even,
    rounding::float_zero_point_half_even,
    rounding::eight_bit_ratio_half_up,
    rounding::reciprocal_half_even,
    rounding::mxnet,
};

/// Fills one channel of the arrays that `p.mode` needs. `product` is sx*sw in the precision of the
/// law (binary64 unless said otherwise); float formulas take f32(f32(product) / f32(sy)), integer
/// formulas QM(product / sy). EVEN_MUL is F with f32(f32(product) * f32(1 / f32(sy))): QNNPACK. MXN
/// is F or FB with f32(product / sy), all in binary64: MXNet derives its multiplier from ranges,
/// and there are binary64 scales that give any binary32 multiplier exactly.
constexpr void set_channel(rounding mode, multiplier* mult, float* scale, double* scale64,
                           std::size_t c, double product, double out_scale) {
  if (mode == rounding::eight_bit_ratio_half_up)
    mult[c] = numerics::q8_multiplier(
        numerics::div(static_cast<float>(product), static_cast<float>(out_scale)));
  else if (uses_multiplier(mode))
    mult[c] = numerics::quantize_multiplier(numerics::div(product, out_scale));
  else if (mode == rounding::reciprocal_half_even)
    scale[c] = numerics::mul(static_cast<float>(product),
                             numerics::div(1.f, static_cast<float>(out_scale)));
  else if (mode == rounding::mxnet)
    scale[c] = static_cast<float>(numerics::div(product, out_scale));
  else if (uses_float_scale(mode))
    scale[c] = numerics::div(static_cast<float>(product), static_cast<float>(out_scale));
  else if (mode == rounding::double_half_away)
    scale64[c] = numerics::div(product, out_scale);
}

/// The formula that numerics::requantize applies for a node's rounding: EVEN_MUL and MXN are F, or
/// FB with a float bias, whose multiplier is derived another way.
constexpr rounding requantize_mode(rounding r, bool real_bias = false) {
  if (r == rounding::mxnet)
    return real_bias ? rounding::float_bias_half_even : rounding::float_half_even;
  return r == rounding::reciprocal_half_even ? rounding::float_half_even : r;
}
/// The arrays that fill_requantize allocates.
constexpr void requantize_memory(node_memory& to, rounding mode, std::size_t n) {
  if (uses_multiplier(mode)) to.array<multiplier>(n);
  if (uses_float_scale(mode)) to.array<float>(n);
  if (mode == rounding::double_half_away) to.array<double>(n);
}
/// Allocates and fills the arrays for products product(0..n), n == 1 or the channel count.
template <class F>
status fill_requantize(prepared& to, requantize_params& p, rounding mode, std::size_t n,
                       F&& product, const tensor_desc& out, clamp_range clamp) {
  p.mode = requantize_mode(mode);
  p.channels = static_cast<std::int32_t>(n);
  p.zero_point = out.zero_point();
  p.lo = clamp.lo;
  p.hi = clamp.hi;
  multiplier* mult = uses_multiplier(mode) ? to.array<multiplier>(n).data() : nullptr;
  float* scale = uses_float_scale(mode) ? to.array<float>(n).data() : nullptr;
  double* scale64 = mode == rounding::double_half_away ? to.array<double>(n).data() : nullptr;
  for (std::size_t c = 0; c < n; ++c)
    set_channel(mode, mult, scale, scale64, c, product(c), out.scale());
  p.mult = mult;
  p.scale = scale;
  p.scale64 = scale64;
  return unit{};
}
inline status fill_requantize(prepared& to, requantize_params& p, rounding mode,
                              std::span<const double> products, const tensor_desc& out,
                              clamp_range clamp) {
  return fill_requantize(
      to, p, mode, products.size(), [&](std::size_t c) { return products[c]; }, out, clamp);
}

/// Value before the rounding: (negate ? -1 : 1) * (x - zero point) + offset.
struct requantize_attrs {
  std::int32_t offset = 0;  // in steps of the input's scale
  bool negate = false;
  static constexpr auto fields = std::tuple{field{"offset", &requantize_attrs::offset},
                                            field{"negate", &requantize_attrs::negate}};
};

/// Input: u8, s8, s16, s32 or s64 with per-tensor or per-channel (last axis) scales. Output: u8,
/// s8, s16, s32. Second input, optional, with rounding FB: float32, one bias per index of the last
/// axis.
struct requantize_op_params {
  requantize_params requant;
  dtype in_type, out_type;
  std::int32_t in_zero_point = 0;
  std::size_t count = 0;    // elements
  std::int32_t inner = 1;   // innermost extent: channel of element i is i % inner
  std::int32_t offset = 0;  // these two: only the reference takes them
  bool negate = false;
};

namespace reference {
template <class In, class Out>
constexpr void requantize(const requantize_op_params& p, const In* x, Out* y) {
  for (std::size_t i = 0; i < p.count; ++i) {
    const std::int64_t v = static_cast<std::int64_t>(x[i]) - p.in_zero_point;
    y[i] = static_cast<Out>(
        numerics::requantize(p.requant, (p.negate ? -v : v) + p.offset,
                             static_cast<std::int32_t>(i % static_cast<std::size_t>(p.inner))));
  }
}
inline void requantize_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const requantize_op_params*>(a.params);
  with_integer(p.in_type, [&]<class In>(type_tag<In>) {
    with_integer(p.out_type, [&]<class Out>(type_tag<Out>) {
      requantize(p, static_cast<const In*>(a.in[0]), static_cast<Out*>(a.out[0]));
    });
  });
}
}  // namespace reference

namespace ops {
constexpr status requantize_shape(const node_view& n, std::span<dims> out) {
  out[0] = n.in[0].shape;
  return unit{};
}
constexpr void requantize_op_memory(const node_view& n, node_memory& to) {
  to.make<requantize_op_params>();
  requantize_memory(to, n.round, std::max<std::size_t>(n.in[0].scales.size(), 1));
  if (n.present(1)) to.array<float>(n.in[1].shape.elements().value);
}
inline status requantize_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  const auto a = read_attributes<requantize_attrs>(*n.attrs);
  const bool plain = a.offset == 0 && !a.negate && !n.present(1);
  auto& p = to.make<requantize_op_params>(&reference::requantize_kernel,
                                          plain ? kernel_id::requantize : kernel_id::none);
  p.offset = a.offset;
  p.negate = a.negate;
  p.in_type = x.type;
  p.out_type = y.type;
  p.in_zero_point = x.zero_point();
  p.count = x.shape.elements().value;
  p.inner = x.shape.rank == 0 ? 1 : x.shape.back(0);
  const std::size_t channels = std::max<std::size_t>(x.scales.size(), 1);
  if (channels != 1 &&
      (x.axis != x.shape.rank - 1 || channels != static_cast<std::size_t>(p.inner)))
    return unsupported("requantize per channel on an axis that is not the last");
  if (auto s = fill_requantize(
          to, p.requant, n.round, channels, [&](std::size_t c) { return x.scale(c); }, y,
          clamp_of(*n.attrs, y.type));
      !s)
    return s;
  if (n.present(1)) {
    const auto raw = n.constant_as<float>(1);
    const bool steps = n.round == rounding::mxnet;  // the bias is in steps of the input's scale
    if (!n.is_constant(1) || raw.size() != static_cast<std::size_t>(p.inner))
      return unsupported("a bias of requantize", to_string(n.in[1].shape),
                         "constants, one per index of the last axis");
    auto b = to.array<float>(raw.size());
    for (std::size_t c = 0; c < raw.size(); ++c)
      b[c] = steps ? raw[c] : numerics::div(raw[c], x.scale_f32(channels == 1 ? 0 : c));
    p.requant.bias = b.data();
    p.requant.mode = requantize_mode(n.round, true);
  }
  return unit{};
}
/// Those with a float bias.
inline constexpr rounding_set with_real_bias{rounding::float_bias_half_even, rounding::mxnet};
inline constexpr form requantize_forms[] = {
    {.in = {integer_types}, .out = {rescaled_types}, .roundings = requantizing},
    {.in = {integer_types, dtype::f32}, .out = {rescaled_types}, .roundings = with_real_bias},
};
inline constexpr op_def requantize{
    .name = "qnn.requantize",
    .summary = "integers of one scale to another",
    .min_inputs = 1,
    .max_inputs = 2,
    .optional = {1},
    .forms = requantize_forms,
    .kernel = kernel_id::requantize,
    .shape = &requantize_shape,
    .memory = &requantize_op_memory,
    .prepare = &requantize_prepare,
    .decide = &laws::requantize,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/quantize.hpp
// qnn.quantize: float32 to quantized values, per tensor or per channel on any axis.


OCTET_NAMESPACE_BEGIN

struct quantize_attrs {
  double multiplier = 0;  // > 0: what EVEN_MUL and MXN multiply with, in place of 1 / s
  static constexpr auto fields = std::tuple{field{"multiplier", &quantize_attrs::multiplier}};
};

/// Input float32, output u8, s8, s16, u16 or s32. Channel of element i: i / inner % channels.
struct quantize_params {
  rounding mode = rounding::divide_half_away;  // AWAY, EVEN, EVEN_MUL, OPT
  dtype out_type = dtype::u8;
  std::size_t count = 0;  // elements
  std::int32_t channels = 1;
  std::size_t inner = 1;                     // elements that share a channel
  const float* scale = nullptr;              // one per channel: s
  const float* inverse = nullptr;            // one per channel: f32(1) / s (EVEN_MUL, OPT)
  const std::int32_t* zero_point = nullptr;  // one per channel
  std::int32_t lo = 0, hi = 0;               // clamp after the zero point
};

namespace numerics {
/// MXNet's own form of a scale, f32(levels / largest magnitude), from s = largest magnitude /
/// levels in binary64: exact, because a quotient of two binary32 numbers is no closer to a tie of
/// binary32 than 2^-49 of itself, and the two divisions here are off by 2^-52.
constexpr float levels_per_unit(double s) noexcept { return static_cast<float>(div(1., s)); }
/// MXNet's factor from one scale to another.
constexpr float rescale_by_levels(double from, double to) noexcept {
  return div(levels_per_unit(to), levels_per_unit(from));
}
/// AWAY: rha(x / s) + z. EVEN: rint(x / s) + z. EVEN_MUL: rint(x * (1 / s)) + z. All saturate to
/// [lo, hi]; NaN gives lo.
constexpr std::int32_t quantize_away(float x, float s, std::int32_t z, std::int32_t lo,
                                     std::int32_t hi) noexcept {
  return clamp_to_int(round_half_away(static_cast<double>(div(x, s))) + z, lo, hi);
}
constexpr std::int32_t quantize_even(float x, float s, std::int32_t z, std::int32_t lo,
                                     std::int32_t hi) noexcept {
  return clamp_to_int(static_cast<double>(rint(div(x, s))) + z, lo, hi);
}
constexpr std::int32_t quantize_even_mul(float x, float inverse, std::int32_t z, std::int32_t lo,
                                         std::int32_t hi) noexcept {
  return clamp_to_int(static_cast<double>(rint(mul(x, inverse))) + z, lo, hi);
}
}  // namespace numerics

namespace reference {
template <class Out>
constexpr void quantize(const quantize_params& p, const float* x, Out* y, std::size_t begin,
                        std::size_t end) {
  const std::size_t blocks =
      p.count / 8 *
      8;  // OPT: TFLite's vector loop takes whole groups of 8, its scalar tail rounds another way
  for (std::size_t i = begin; i < end; ++i) {
    const std::size_t c = p.channels == 1 ? 0 : i / p.inner % static_cast<std::size_t>(p.channels);
    const std::int32_t z = p.zero_point[c];
    std::int32_t q = 0;
    if (p.mode == rounding::divide_half_away)
      q = numerics::quantize_away(x[i], p.scale[c], z, p.lo, p.hi);
    else if (p.mode == rounding::divide_half_even)
      q = numerics::quantize_even(x[i], p.scale[c], z, p.lo, p.hi);
    else if (p.mode == rounding::tflite_optimized && i >= blocks)
      q = numerics::clamp_to_int(numerics::round_half_away(numerics::div(
                                     static_cast<double>(x[i]), static_cast<double>(p.scale[c]))) +
                                     z,
                                 p.lo, p.hi);
    else
      q = numerics::quantize_even_mul(x[i], p.inverse[c], z, p.lo, p.hi);
    y[i] = static_cast<Out>(q);
  }
}
inline void quantize_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const quantize_params*>(a.params);
  const auto r = part_of(p.count, a.part, a.parts);
  with_integer(p.out_type, [&]<class Out>(type_tag<Out>) {
    quantize(p, static_cast<const float*>(a.in[0]), static_cast<Out*>(a.out[0]), r.begin, r.end);
  });
}
}  // namespace reference

namespace ops {
/// Channels and the number of elements that share one, for scales along `axis`.
struct channel_layout {
  std::int32_t channels = 1;
  std::size_t inner = 1;
};
inline result<channel_layout> channels_of(const tensor_desc& t) {
  if (!t.per_channel()) return channel_layout{};
  if (t.axis < 0 || t.axis >= t.shape.rank ||
      t.scales.size() != static_cast<std::size_t>(t.shape[t.axis]))
    return invalid("per-channel scales", std::to_string(t.scales.size()),
                   "one per index of the quantization axis");
  channel_layout c{t.shape[t.axis], 1};
  for (int i = t.axis + 1; i < t.shape.rank; ++i) c.inner *= static_cast<std::size_t>(t.shape[i]);
  return c;
}
/// Entries of a per-channel array: one where there is one scale or none.
constexpr std::size_t channel_count(const tensor_desc& t) {
  return t.per_channel() ? t.scales.size() : 1;
}
constexpr void quantize_memory(const node_view& n, node_memory& to) {
  to.make<quantize_params>();
  to.array<float>(channel_count(n.out[0]));  // scales and their inverses
  to.array<float>(channel_count(n.out[0]));
  to.array<std::int32_t>(channel_count(n.out[0]));
}
inline status quantize_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  auto& p = to.make<quantize_params>(&reference::quantize_kernel, kernel_id::quantize);
  if (!y.quantized()) return invalid("the output of quantize has no scale");
  const auto layout = channels_of(y);
  if (!layout) return layout.error();
  const bool from_range = n.round == rounding::mxnet;
  p.mode = from_range ? rounding::reciprocal_half_even : n.round;
  p.out_type = y.type;
  p.count = x.shape.elements().value;
  p.channels = layout->channels;
  p.inner = layout->inner;
  const auto multiplier = static_cast<float>(read_attributes<quantize_attrs>(*n.attrs).multiplier);
  auto scale = to.array<float>(static_cast<std::size_t>(p.channels)),
       inverse = to.array<float>(static_cast<std::size_t>(p.channels));
  auto zero_point = to.array<std::int32_t>(static_cast<std::size_t>(p.channels));
  for (std::size_t c = 0; c < scale.size(); ++c) {
    scale[c] = y.scale_f32(c);
    inverse[c] = multiplier > 0 ? multiplier
                 : from_range   ? numerics::levels_per_unit(y.scale(c))
                                : numerics::div(1.f, scale[c]);
    zero_point[c] = y.zero_point(c);
  }
  p.scale = scale.data();
  p.inverse = inverse.data();
  p.zero_point = zero_point.data();
  const auto clamp = clamp_of(*n.attrs, y.type);
  p.lo = clamp.lo;
  p.hi = clamp.hi;
  return unit{};
}
inline constexpr form quantize_forms[] = {
    {.in = {dtype::f32},
     .out = {rescaled_types},
     .roundings = {rounding::divide_half_away, rounding::divide_half_even,
                   rounding::reciprocal_half_even, rounding::tflite_optimized, rounding::mxnet}},
};
inline constexpr op_def quantize{
    .name = "qnn.quantize",
    .summary = "float32 to quantized values",
    .forms = quantize_forms,
    .kernel = kernel_id::quantize,
    .shape = &same_op_shape,
    .memory = &quantize_memory,
    .prepare = &quantize_prepare,
    .decide = &laws::quantize,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/add.hpp
// qnn.add, qnn.sub (quantized) and add, sub (float32, int32, int64), with broadcasting and a fused
// clamp.


OCTET_NAMESPACE_BEGIN

/// Fused activation of plain (not quantized) numbers; quantized nodes carry integer "clamp_lo",
/// "clamp_hi".
struct float_clamp_attrs {
  double float_lo = -std::numeric_limits<double>::infinity(),
         float_hi = std::numeric_limits<double>::infinity();
  static constexpr auto fields = std::tuple{field{"float_lo", &float_clamp_attrs::float_lo},
                                            field{"float_hi", &float_clamp_attrs::float_hi}};
};

/// y = a + sign * b. Quantized types: u8, s8, s16; both operands and the output may differ in type
/// only where the formula allows.
struct add_params {
  rounding mode = rounding::none;  // none: plain numbers of type `y_type`
  dtype a_type, b_type, y_type;
  std::int32_t sign = 1;  // -1: a - b
  std::int32_t a_zero_point = 0, b_zero_point = 0, zero_point = 0;
  std::int32_t lo = 0, hi = 0;  // quantized clamp
  float min = 0, max = 0;       // clamp of plain float32
  // DR: each operand shifted left, brought to a common scale, summed (b's multiplier is not
  // negated), brought to the output's.
  std::int32_t left_shift = 0;
  multiplier a_mult, b_mult, y_mult;
  // XNN: (x1 * a_factor + x2 * b_factor + bias) >> shift, zero points inside bias; QNN: offsets
  // taken first, ties away from zero.
  std::int32_t a_factor = 0, b_factor = 0, shift = 0;  // b_factor carries the sign
  std::int64_t bias = 0;
  // F, FMA, ATEN
  float a_scale = 0, b_scale = 0;    // F, FMA: ratio to the output's scale; ATEN: the scale
  float a_premul = 0, b_premul = 0;  // ATEN: f32(-z * s)
  float inverse = 0;                 // ATEN: f32(1) / f32(sy)
  float fixed = 0;                   // FMA: the zero points' share
  broadcast_plan<2> shape;
};

namespace numerics {
/// TFLite: DR three times. Operands are shifted so that 20 (16-bit types: 15) fractional bits
/// survive the common scale.
constexpr std::int32_t add_dr(const add_params& p, std::int32_t a, std::int32_t b) noexcept {
  const std::int32_t u = doubling_high_half_away((a - p.a_zero_point) * (1 << p.left_shift),
                                                 p.a_mult),
                     v = doubling_high_half_away((b - p.b_zero_point) * (1 << p.left_shift),
                                                 p.b_mult);
  return static_cast<std::int32_t>(clamp<std::int64_t>(
      std::int64_t{doubling_high_half_away(p.sign > 0 ? u + v : u - v, p.y_mult)} + p.zero_point,
      p.lo, p.hi));
}
/// XNNPACK: two factors of at most 21 bits, one rounding shift, ties up.
constexpr std::int32_t add_xnn(const add_params& p, std::int32_t a, std::int32_t b) noexcept {
  const std::int64_t acc = std::int64_t{a} * p.a_factor + std::int64_t{b} * p.b_factor + p.bias;
  return static_cast<std::int32_t>(
      clamp<std::int64_t>((acc >> p.shift) + p.zero_point, p.lo, p.hi));
}
/// QNNPACK: as XNNPACK with one more bit, ties away from zero.
constexpr std::int32_t add_qnn(const add_params& p, std::int32_t a, std::int32_t b) noexcept {
  const std::int64_t acc =
      std::int64_t{a - p.a_zero_point} * p.a_factor + std::int64_t{b - p.b_zero_point} * p.b_factor;
  const std::int64_t half = p.shift > 0 ? std::int64_t{1} << (p.shift - 1) : 0,
                     size = ((acc < 0 ? -acc : acc) + half) >> p.shift;
  return static_cast<std::int32_t>(
      clamp<std::int64_t>((acc < 0 ? -size : size) + p.zero_point, p.lo, p.hi));
}
/// MXNet: rint(f32(f32(a * ra) + f32(b * rb))) on raw values (no zero points).
constexpr std::int32_t add_f(const add_params& p, std::int32_t a, std::int32_t b) noexcept {
  const float u = mul(static_cast<float>(a - p.a_zero_point), p.a_scale),
              v = mul(static_cast<float>(b - p.b_zero_point), p.b_scale);
  return clamp_to_int(static_cast<double>(rint(p.sign > 0 ? add(u, v) : sub(u, v))) + p.zero_point,
                      p.lo, p.hi);
}
/// ONNX Runtime on CPUs with FMA. `repeated_a`: a is constant along the innermost axis, whose share
/// is then added first.
constexpr std::int32_t add_fma(const add_params& p, std::int32_t a, std::int32_t b,
                               bool repeated_a) noexcept {
  const auto x = static_cast<float>(a), y = static_cast<float>(b);
  const float v = repeated_a ? fma(y, p.b_scale, fma(x, p.a_scale, p.fixed))
                             : fma(x, p.a_scale, fma(y, p.b_scale, p.fixed));
  return clamp_to_int(static_cast<double>(rint(v)), p.lo, p.hi);
}
/// PyTorch: dequantize both (with FMA inside whole blocks of 64 elements), add, quantize by the
/// reciprocal.
constexpr std::int32_t add_aten(const add_params& p, std::int32_t a, std::int32_t b,
                                bool in_block) noexcept {
  const float u = in_block ? fma(static_cast<float>(a), p.a_scale, p.a_premul)
                           : mul(static_cast<float>(a - p.a_zero_point), p.a_scale);
  const float v = in_block ? fma(static_cast<float>(b), p.b_scale, p.b_premul)
                           : mul(static_cast<float>(b - p.b_zero_point), p.b_scale);
  return clamp_to_int(
      static_cast<double>(rint(mul(p.sign > 0 ? add(u, v) : sub(u, v), p.inverse))) + p.zero_point,
      p.lo, p.hi);
}
/// Smaller of |a|, |b| has no say: floor(log2) of a positive finite value.
constexpr int exponent_of(float v) noexcept {
  return std::bit_cast<std::uint32_t>(v) < 0x00800000u
             ? -127
             : static_cast<int>(std::bit_cast<std::uint32_t>(v) >> 23) - 127;
}

/// The multipliers of DR for scales a, b -> y: all products in binary64.
constexpr void set_add_dr(add_params& p, double a, double b, double y, bool wide) noexcept {
  p.left_shift = wide ? 15 : 20;
  const double twice = mul(2.0, a > b ? a : b);
  p.a_mult = quantize_multiplier(div(a, twice));
  p.b_mult = quantize_multiplier(div(b, twice));
  p.y_mult = quantize_multiplier(div(twice, mul(static_cast<double>(1 << p.left_shift), y)));
}
/// The factors of XNN (bits = 20) and QNN (bits = 21): false where a ratio is outside [2^-10, 2^8),
/// which those libraries refuse too.
constexpr bool set_add_factors(add_params& p, float a, float b, float y, int bits) noexcept {
  const float ra = div(a, y), rb = div(b, y), largest = ra > rb ? ra : rb;
  const int e = exponent_of(largest);
  if (e < -10 || e > 7) return false;
  p.shift = bits - e;
  const double up = static_cast<double>(std::int64_t{1} << p.shift);
  p.a_factor = static_cast<std::int32_t>(rint(mul(static_cast<double>(ra), up)));
  p.b_factor = p.sign * static_cast<std::int32_t>(rint(mul(static_cast<double>(rb), up)));
  p.bias = (std::int64_t{1} << (p.shift - 1)) - std::int64_t{p.a_factor} * p.a_zero_point -
           std::int64_t{p.b_factor} * p.b_zero_point;
  return true;
}
}  // namespace numerics

namespace reference {
/// Wraps around as two's complement does.
template <class T> constexpr T wrapping_add(T a, T b, std::int32_t sign) {
  using U = std::make_unsigned_t<T>;
  return static_cast<T>(sign > 0 ? static_cast<U>(a) + static_cast<U>(b)
                                 : static_cast<U>(a) - static_cast<U>(b));
}
template <class A, class B, class Y>
constexpr void add(const add_params& p, const A* a, const B* b, Y* y, std::size_t begin,
                   std::size_t end) {
  const std::size_t blocks = p.shape.count / 64 * 64;
  const bool repeated_a = p.shape.stride[0][static_cast<std::size_t>(p.shape.rank - 1)] == 0;
  for_each_broadcast(p.shape, begin, end, [&](std::size_t i, const auto& at) {
    const std::int32_t u = a[at[0]], v = b[at[1]];
    std::int32_t q = 0;
    switch (p.mode) {
      case rounding::xnnpack: q = numerics::add_xnn(p, u, v); break;
      case rounding::qnnpack: q = numerics::add_qnn(p, u, v); break;
      case rounding::float_half_even: q = numerics::add_f(p, u, v); break;
      case rounding::fused_multiply_add: q = numerics::add_fma(p, u, v, repeated_a); break;
      case rounding::aten: q = numerics::add_aten(p, u, v, i < blocks); break;
      case rounding::doubling_high_half_away:
      case rounding::tflite_optimized: q = numerics::add_dr(p, u, v); break;
      case rounding::none:
      case rounding::doubling_high_half_up:
      case rounding::wide_half_up:
      case rounding::double_half_away:
      case rounding::float_bias_half_even:
      case rounding::float_zero_point_half_even:
      case rounding::eight_bit_ratio_half_up:
      case rounding::divide_half_away:
      case rounding::divide_half_even:
      case rounding::reciprocal_half_even:
      case rounding::divide_truncate:
      case rounding::mxnet: break;  // add_prepare refuses these
    }
    y[i] = static_cast<Y>(q);
  });
}
template <class T>
constexpr void add_plain(const add_params& p, const T* a, const T* b, T* y, std::size_t begin,
                         std::size_t end) {
  for_each_broadcast(p.shape, begin, end, [&](std::size_t i, const auto& at) {
    if constexpr (std::is_floating_point_v<T>)
      y[i] = numerics::clamp(
          p.sign > 0 ? numerics::add(a[at[0]], b[at[1]]) : numerics::sub(a[at[0]], b[at[1]]), p.min,
          p.max);
    else
      y[i] =
          numerics::clamp(wrapping_add(a[at[0]], b[at[1]], p.sign),
                          static_cast<T>(p.lo == INT32_MIN ? std::numeric_limits<T>::min() : p.lo),
                          static_cast<T>(p.hi == INT32_MAX ? std::numeric_limits<T>::max() : p.hi));
  });
}
inline void add_kernel(const kernel_args& k) noexcept {
  const auto& p = *static_cast<const add_params*>(k.params);
  const auto r = part_of(p.shape.count, k.part, k.parts);
  const auto plain = [&]<class T>(type_tag<T>) {
    add_plain(p, static_cast<const T*>(k.in[0]), static_cast<const T*>(k.in[1]),
              static_cast<T*>(k.out[0]), r.begin, r.end);
  };
  if (p.mode == rounding::none) {
    if (p.y_type == dtype::f32)
      plain(type_tag<float>{});
    else if (p.y_type == dtype::s32)
      plain(type_tag<std::int32_t>{});
    else
      plain(type_tag<std::int64_t>{});
    return;
  }
  with_quantized(p.a_type, [&]<class A>(type_tag<A>) {
    with_quantized(p.b_type, [&]<class B>(type_tag<B>) {
      const auto into = [&]<class Y>(type_tag<Y>) {
        add(p, static_cast<const A*>(k.in[0]), static_cast<const B*>(k.in[1]),
            static_cast<Y*>(k.out[0]), r.begin, r.end);
      };
      if (p.y_type == dtype::s32)
        into(type_tag<std::int32_t>{});
      else
        with_quantized(p.y_type, into);
    });
  });
}
}  // namespace reference

namespace ops {
/// Both operands and the result have one scale each.
inline status one_scale_each(const node_view& n) {
  for (const tensor_desc* t : {&n.in[0], &n.in[1], &n.out[0]})
    if (!t->quantized() || t->per_channel())
      return unsupported("quantization of an operand or result",
                         t->quantized() ? "per channel" : "none", "one scale per tensor");
  return unit{};
}
template <int Sign, bool Quantized> status add_prepare(const node_view& n, prepared& to) {
  const tensor_desc &a = n.in[0], &b = n.in[1], &y = n.out[0];
  auto& p = to.make<add_params>(&reference::add_kernel, kernel_id::add);
  p.mode = n.round;
  p.a_type = a.type, p.b_type = b.type, p.y_type = y.type;
  p.sign = Sign;
  p.shape = make_broadcast<2>({a.shape, b.shape}, y.shape);
  const auto clamp = clamp_of(*n.attrs, y.type);
  p.lo = clamp.lo, p.hi = clamp.hi;
  if constexpr (!Quantized) {
    const auto c = read_attributes<float_clamp_attrs>(*n.attrs);
    p.min = static_cast<float>(c.float_lo), p.max = static_cast<float>(c.float_hi);
    return unit{};
  }
  if (auto s = one_scale_each(n); !s) return s;
  p.a_zero_point = a.zero_point(), p.b_zero_point = b.zero_point(), p.zero_point = y.zero_point();
  switch (n.round) {
    case rounding::doubling_high_half_away:
      numerics::set_add_dr(p, a.scale(), b.scale(), y.scale(), y.type == dtype::s16);
      return unit{};
    case rounding::tflite_optimized:  // TFLite's optimized int16 sum: DR whose two left shifts and
                                      // right shifts are merged, one rounding less for each operand
      numerics::set_add_dr(p, a.scale(), b.scale(), y.scale(), y.type == dtype::s16);
      p.a_mult.shift += p.left_shift, p.b_mult.shift += p.left_shift;
      p.left_shift = 0;
      return unit{};
    case rounding::xnnpack:
    case rounding::qnnpack:
      if (!numerics::set_add_factors(p, a.scale_f32(), b.scale_f32(), y.scale_f32(),
                                     n.round == rounding::xnnpack ? 20 : 21))
        return unsupported("ratio of scales in rounding " + std::string(name_of(n.round)), {},
                           "2^-10 to 2^8");
      return unit{};
    case rounding::mxnet:
      p.mode = rounding::float_half_even;
      p.a_scale = static_cast<float>(n.attrs->real(
          "a_ratio", static_cast<double>(numerics::rescale_by_levels(a.scale(), y.scale()))));
      p.b_scale = static_cast<float>(n.attrs->real(
          "b_ratio", static_cast<double>(numerics::rescale_by_levels(b.scale(), y.scale()))));
      return unit{};
    case rounding::float_half_even:
    case rounding::fused_multiply_add:
      p.a_scale = static_cast<float>(n.attrs->real(
          "a_ratio", static_cast<double>(numerics::div(a.scale_f32(), y.scale_f32()))));
      p.b_scale = static_cast<float>(n.attrs->real(
          "b_ratio", static_cast<double>(numerics::div(b.scale_f32(), y.scale_f32()))));
      if (n.round == rounding::fused_multiply_add) {
        if (Sign < 0) p.b_scale = -p.b_scale;
        p.fixed = numerics::sub(
            static_cast<float>(p.zero_point),
            numerics::fma(p.a_scale, static_cast<float>(p.a_zero_point),
                          numerics::mul(p.b_scale, static_cast<float>(p.b_zero_point))));
      }
      return unit{};
    case rounding::aten:
      p.a_scale = a.scale_f32(), p.b_scale = b.scale_f32();
      p.a_premul = numerics::mul(p.a_scale, -static_cast<float>(p.a_zero_point));
      p.b_premul = numerics::mul(p.b_scale, -static_cast<float>(p.b_zero_point));
      p.inverse = numerics::div(1.f, y.scale_f32());
      return unit{};
    case rounding::none:
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::double_half_away:
    case rounding::float_bias_half_even:
    case rounding::float_zero_point_half_even:
    case rounding::eight_bit_ratio_half_up:
    case rounding::divide_half_away:
    case rounding::divide_half_even:
    case rounding::reciprocal_half_even:
    case rounding::divide_truncate: break;
  }
  return detail::no_such_rounding(n);
}
inline constexpr form qnn_sub_forms[] = {
    {.in = {quantized_types, quantized_types},
     .out = {quantized_types},
     .roundings = rounding::doubling_high_half_away},
    {.in = {eight_bit, eight_bit},
     .out = {eight_bit},
     .roundings = {rounding::xnnpack, rounding::qnnpack, rounding::float_half_even,
                   rounding::fused_multiply_add, rounding::aten}},
};
inline constexpr form qnn_add_forms[] = {
    qnn_sub_forms[0],
    qnn_sub_forms[1],
    {.in = {dtype::s16, dtype::s16}, .out = {dtype::s16}, .roundings = rounding::tflite_optimized},
    {.in = {eight_bit, eight_bit}, .out = {eight_bit}, .roundings = rounding::mxnet},
    {.in = {eight_bit, eight_bit}, .out = {dtype::s32}, .roundings = rounding::mxnet},
};
/// Two operands of plain numbers.
inline constexpr form arithmetic_forms[] = {
    {.in = {arithmetic_types, like(0)}, .out = {like(0)}},
};
inline constexpr op_def qnn_add{
    .name = "qnn.add",
    .summary = "a + b of quantized values",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = qnn_add_forms,
    .kernel = kernel_id::add,
    .shape = &binary_op_shape,
    .memory = &params_only<add_params>,
    .prepare = &add_prepare<1, true>,
    .decide = &laws::add,
};
inline constexpr op_def qnn_sub{
    .name = "qnn.sub",
    .summary = "a - b of quantized values",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = qnn_sub_forms,
    .kernel = kernel_id::add,
    .shape = &binary_op_shape,
    .memory = &params_only<add_params>,
    .prepare = &add_prepare<-1, true>,
    .decide = &laws::sub,
};
inline constexpr op_def add{
    .name = "add",
    .summary = "a + b",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = arithmetic_forms,
    .shape = &binary_op_shape,
    .memory = &params_only<add_params>,
    .prepare = &add_prepare<1, false>,
};
inline constexpr op_def sub{
    .name = "sub",
    .summary = "a - b",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = arithmetic_forms,
    .shape = &binary_op_shape,
    .memory = &params_only<add_params>,
    .prepare = &add_prepare<-1, false>,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/laws/layers.hpp
// Operators with weights: rounding of the requantization, width and scale of the accumulator, bias.


OCTET_NAMESPACE_BEGIN
namespace laws {

/// TFLite accumulates int16 activations in int64, unless the bias is int32.
constexpr bool wide_accumulator(dtype x, bool int32_bias) { return x == dtype::s16 && !int32_bias; }
constexpr dtype accumulator_type(dtype x, bool int32_bias) {
  return wide_accumulator(x, int32_bias) ? dtype::s64 : dtype::s32;
}
/// sx * sw, the scale of the accumulator of one channel: in binary64, or factors and product
/// rounded to binary32.
constexpr double accumulator_scale(bool in_f32, double sx, double sw) {
  return in_f32 ? static_cast<double>(numerics::mul(static_cast<float>(sx), static_cast<float>(sw)))
                : numerics::mul(sx, sw);
}
/// The same for a node that `d` was decided for. PyTorch's scales are binary64 numbers, which its
/// kernels narrow first.
constexpr double accumulator_scale(law l, const decision& d, double sx, double sw) {
  return accumulator_scale(d.f32_product || is_pytorch(l), sx, sw);
}
/// QNNPACK's bias in units of the accumulator, from the file's float: rint(f32(b * f32(1 / s))).
constexpr std::int32_t integer_bias(float bias, double accumulator_scale) {
  return numerics::clamp_to_int(
      static_cast<double>(numerics::rint(
          numerics::mul(bias, numerics::div(1.f, static_cast<float>(accumulator_scale))))),
      INT32_MIN, INT32_MAX);
}

/// FBGEMM multiplies by f32(f32(sx sw) / sy) and keeps the bias a float; one that is an integer
/// already joins the accumulator (F).
constexpr decision fbgemm_layer(const facts& f) {
  return by_pytorch(f.int32_bias ? rounding::float_half_even : rounding::float_bias_half_even);
}
/// QNNPACK's factor is f32(f32(sx sw) * f32(1 / sy)): other bits for a quarter of all scales.
constexpr decision qnnpack_layer() { return by_pytorch(rounding::reciprocal_half_even); }

constexpr decision conv2d(const facts& f) {
  const bool s16 = f.x.type == dtype::s16;
  const rounding tflite = wide_accumulator(f.x.type, f.int32_bias)
                              ? rounding::wide_half_up
                              : rounding::doubling_high_half_away;
  per_law d{.tflite_ref = tflite,
            .tflite_xnnpack = s16 ? decision(tflite) : by_xnnpack(rounding::float_half_even),
            .pytorch_fbgemm = fbgemm_layer(f),
            .pytorch_qnnpack = qnnpack_layer(),
            .mxnet = by_mxnet(rounding::mxnet)};
  // TFLite forms the scale of uint8 convolutions in binary32.
  d.tflite_ref.f32_product = d.tflite_xnnpack.f32_product = f.x.type == dtype::u8;
  return choose(f.arithmetic, d);
}
constexpr decision transpose_conv2d(const facts& f) {
  return f.arithmetic == law::mxnet ? no_operator() : conv2d(f);
}
/// XNNPACK takes uint8 weights only where they name their output channels as quantization axis 0,
/// as converters write it; TFLite's optimized kernel, which runs otherwise, is DR.
constexpr decision depthwise_conv2d(const facts& f) {
  decision d = conv2d(f);
  if (f.arithmetic == law::tflite_xnnpack && f.x.type == dtype::u8 && f.framework.weights_axis != 0)
    d.round = rounding::doubling_high_half_away, d.by = library::tflite;
  return d;
}
/// XNNPACK refuses int8 weights with a zero point; TFLite's matrix product, which runs then, is RU.
constexpr decision fully_connected(const facts& f) {
  const bool s16 = f.x.type == dtype::s16, taken = f.x.type == dtype::u8 || f.w.zero_point == 0;
  return choose(f.arithmetic,
                {.tflite_ref = rounding::double_half_away,
                 .tflite_xnnpack = s16     ? decision(rounding::double_half_away)
                                   : taken ? by_xnnpack(rounding::float_half_even)
                                           : decision(rounding::doubling_high_half_up),
                 .pytorch_fbgemm = fbgemm_layer(f),
                 .pytorch_qnnpack = qnnpack_layer(),
                 .mxnet = by_mxnet(rounding::mxnet)});
}
/// The multiplier form, unlike fully_connected. XNNPACK wants a second operand without zero point.
constexpr decision batch_matmul(const facts& f) {
  const bool s16 = f.x.type == dtype::s16;
  return choose(
      f.arithmetic,
      {.tflite_ref = s16 ? rounding::wide_half_up : rounding::doubling_high_half_away,
       .tflite_xnnpack = s16                   ? decision(rounding::wide_half_up)
                         : f.w.zero_point != 0 ? decision(rounding::doubling_high_half_away)
                                               : by_xnnpack(rounding::float_half_even),
       .pytorch_fbgemm = no_operator(),
       .pytorch_qnnpack = no_operator(),
       .mxnet = no_operator()});
}

/// Layers of floats. MXNet's sum in an order that depends on the CPU: MXN rounds once.
constexpr decision float_layer(const facts& f) {
  return f.arithmetic == law::mxnet ? by_mxnet(rounding::mxnet) : decision(rounding::none);
}
/// A sum that joins a layer before its rounding.
constexpr decision requantize_add(const facts& f) {
  return f.arithmetic == law::mxnet ? by_mxnet(rounding::mxnet) : no_operator();
}

}  // namespace laws
OCTET_NAMESPACE_END

// ---- octet/kernels/gemm.hpp
// What conv2d, fully_connected and the matrix kernels of every target share: the problem in one
// form, the memory that it takes on a target, and packed weights. Operators say which problem they
// are (problem_of, beside their params).
//
// Every convolution is a matrix product over "pixels" (rows) and output channels (columns). A row
// is a list of segments of consecutive elements (one per kernel row, all taps of it at once, where
// the input lies so), at the same offsets from each pixel's first element.
//
// Columns come in panels of 1..4 vectors of `lanes` int32 accumulators. Channel of (vector v, lane
// i) in a panel of nv vectors: (i / 4 * nv + v) * 4 + i % 4. With this order the saturating packs
// of SSE, AVX2 and AVX-512, which work inside 128-bit blocks, give whole groups of four bytes, and
// at most one permutation of 32-bit lanes sorts them (none where nv == 4 or vectors have 128 bits).

#include <cstring>


OCTET_NAMESPACE_BEGIN
namespace kernels {

/// How products are formed. quad: four bytes a lane (VNNI, Arm dotprod). pair8, pair16: two int16 a
/// lane (vpmaddwd), weights stored as int8 or int16.
enum class product : std::uint8_t { quad, pair8, pair16 };

constexpr std::int32_t channel_in_panel(std::int32_t nv, std::int32_t v, std::int32_t i) noexcept {
  return (i / 4 * nv + v) * 4 + i % 4;
}

/// Conv2d, depthwise_conv2d, fully_connected, batch_matmul and transpose_conv2d in one form.
struct gemm_problem {
  std::int32_t batch = 1, in_h = 1, in_w = 1, in_c = 1, out_h = 1, out_w = 1, out_c = 1,
               kernel_h = 1, kernel_w = 1;
  std::int32_t stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1, pad_top = 0,
               pad_left = 0, groups = 1;
  dtype in_type, weight_type, out_type;
  std::int32_t in_zero_point = 0;
  const std::int32_t* weight_zero_points = nullptr;
  const void* weights = nullptr;
  std::size_t weight_oc = 0, weight_tap = 0, weight_ic = 1;  // strides in elements
  std::int32_t insert_h = 1, insert_w = 1;  // distance of neighbouring input pixels; between them
                                            // lie zero points (transposed convolution)
  bool flipped = false;                     // taps in reverse order
  bool dynamic = false;  // weights change from run to run: nothing may depend on their values
  std::int32_t weight_zero_point = 0;  // where weight_zero_points is null
  bool zero_points_unknown = false;    // one per channel, and not at hand: memory is being counted
  const std::int32_t* bias32 = nullptr;
  const std::int64_t* bias64 = nullptr;
  bool wide = false;
  const requantize_params* requant = nullptr;

  constexpr std::int32_t group_in() const noexcept { return in_c / groups; }
  constexpr std::int32_t group_out() const noexcept { return out_c / groups; }
  constexpr std::int32_t bias(std::int32_t c) const noexcept {
    return requant->mode == rounding::float_bias_half_even ? 0
           : bias32                                        ? bias32[c]
           : bias64                                        ? static_cast<std::int32_t>(bias64[c])
                                                           : 0;
  }
  /// w - zero point of tap t (ky * kernel_w + kx).
  constexpr std::int32_t weight(std::int32_t oc, std::int32_t t, std::int32_t ic) const noexcept {
    if (flipped) t = kernel_h * kernel_w - 1 - t;
    const std::size_t at = static_cast<std::size_t>(oc) * weight_oc +
                           static_cast<std::size_t>(t) * weight_tap +
                           static_cast<std::size_t>(ic) * weight_ic;
    const std::int32_t w = weight_type == dtype::u8
                               ? std::int32_t{static_cast<const std::uint8_t*>(weights)[at]}
                               : std::int32_t{static_cast<const std::int8_t*>(weights)[at]};
    return w - (weight_zero_points ? weight_zero_points[oc] : weight_zero_point);
  }
};

/// Which epilogue a panel or block runs.
enum class epilogue_kind : std::uint8_t {
  raw,   // int32 accumulators
  real,  // F, FB: 8-bit output
  dr,    // DR with every right shift >= 1 and no left shift, |accumulator| < 2^30, 8-bit output
  any,   // everything else
};
constexpr bool has_requantize(const requantize_params& q, dtype out) noexcept {
  if (q.mode == rounding::none) return out == dtype::s32;
  const bool known =
      uses_multiplier(q.mode) || uses_float_scale(q.mode) || q.mode == rounding::double_half_away;
  return known && (is_8bit(out) || out == dtype::s16);
}

/// Scalars of the epilogue. 8-bit results are formed as int8 (u8 ones minus 128) and flipped at the
/// end.
struct epilogue_scalars {
  std::int32_t zero_point = 0;       // for the int8 form
  std::int32_t lo = -128, hi = 127;  // likewise
  std::uint8_t flip = 0;             // 0x80 for u8
  float highest =
      0;  // float(hi - zero_point): cut before the conversion to int, which does not saturate
};
constexpr epilogue_scalars scalars_of(const requantize_params& q, dtype out) noexcept {
  const std::int32_t shift = out == dtype::u8 ? 128 : 0;
  epilogue_scalars e;
  e.zero_point = q.zero_point - shift;
  e.lo = q.lo - shift;
  e.hi = q.hi - shift;
  e.flip = out == dtype::u8 ? 0x80 : 0;
  e.highest = static_cast<float>(q.hi - q.zero_point);
  return e;
}

/// Per-column data of a panel or block of nv vectors: seven arrays of nv * lanes 4-byte values, in
/// packed order, then weights.
///   0 bias | 1 multiplier or float scale | 2 right shift - 1, or float bias | 3 left shift | 4 -1
///   where a rounding shift's ties go away from zero, else 0 5, 6 what kind `dr` adds to the 64-bit
///   products of even (odd) columns: 2^31 + 2^32 * (2^(R-1) - multiplier - 1), R the right shift
/// D64 keeps its doubles in arrays 1 and 2, first those of even then of odd... (plain order:
/// element k of the panel at double k).
inline constexpr std::int32_t panel_arrays = 7;

/// Fills the arrays for `valid` channels from `first`; returns what the columns need.
inline epilogue_kind fill_panel(const requantize_params& q, dtype out, std::int32_t nv,
                                std::int32_t lanes, std::int32_t first, std::int32_t valid,
                                std::byte* to) noexcept {
  const auto count = static_cast<std::size_t>(nv * lanes);
  auto* words = reinterpret_cast<std::int32_t*>(to);
  auto* reals = reinterpret_cast<float*>(to);
  std::int32_t *m = words + count, *r = m + count, *l = r + count, *away = l + count,
               *even = away + count, *odd = even + count;
  epilogue_kind kind =
      q.mode == rounding::none ? epilogue_kind::raw
      : !is_8bit(out)          ? epilogue_kind::any
      : q.mode == rounding::float_half_even || q.mode == rounding::float_bias_half_even
          ? epilogue_kind::real
      : q.mode == rounding::doubling_high_half_away ? epilogue_kind::dr
                                                    : epilogue_kind::any;
  for (std::int32_t v = 0; v < nv; ++v)
    for (std::int32_t i = 0; i < lanes; ++i) {
      const std::int32_t local = channel_in_panel(nv, v, i), c = first + local;
      const auto at = static_cast<std::size_t>(v * lanes + i);
      if (local >= valid) continue;
      const std::int32_t k = q.channels == 1 ? 0 : c;
      if (uses_float_scale(q.mode)) {
        reals[count + at] = q.scale[k];
        reals[2 * count + at] =
            q.mode == rounding::float_bias_half_even && q.bias ? q.bias[c] : 0.f;
      } else if (q.mode == rounding::double_half_away) {
        std::memcpy(to + count * 4 + at * 8, &q.scale64[k], 8);
      } else if (uses_multiplier(q.mode)) {
        m[at] = q.mult[k].m;
        r[at] = (q.mult[k].shift > 0 ? 0 : -q.mult[k].shift) - 1;
        l[at] = q.mult[k].shift > 0 ? q.mult[k].shift : 0;
        away[at] = q.mode == rounding::doubling_high_half_away ? -1 : 0;
        if (kind == epilogue_kind::dr && (r[at] < 0 || l[at] > 0)) kind = epilogue_kind::any;
        if (q.mode == rounding::doubling_high_half_away) {
          std::int32_t* const pair = (at % 2 == 0 ? even : odd) + at / 2 * 2;
          pair[0] = INT32_MIN;
          pair[1] = static_cast<std::int32_t>((std::uint32_t{1} << (r[at] & 31)) -
                                              static_cast<std::uint32_t>(m[at]) - 1u);
        }
      }
    }
  return kind;
}

/// Takes `dr` back where the accumulators of channel c, the sum of whose weights' magnitudes is
/// `size`, may reach 2^30.
inline void limit_dr(epilogue_kind& kind, const gemm_problem& g, std::int32_t c,
                     std::int64_t size) noexcept {
  const std::int64_t bias = g.bias(c);
  if (kind == epilogue_kind::dr &&
      (bias < 0 ? -bias : bias) + size * largest_offset(g.in_type, g.in_zero_point) >=
          std::int64_t{1} << 30)
    kind = epilogue_kind::any;
}

/// Start of every packed block; the table of segment offsets and the panels follow at 64-byte
/// boundaries.
struct packed_gemm {
  product kind;
  bool direct;                                   // rows are read from the input as it is
  std::uint8_t element;                          // bytes of an activation as the product takes it
  std::int32_t segments, segment_length, steps;  // steps: 4-byte groups per segment
  std::int32_t panels;                           // per group
  std::int32_t vectors;                          // per group, over all panels
  std::int32_t window_h, window_w;  // input rows and columns kept per output row block; compacted
                                    // where the kernel has one row (column)
  std::int32_t step_h, step_w;  // distance of neighbouring output rows (columns) inside the window
  std::int32_t fill;            // what a padding element is in the window
  std::uint32_t flip;           // xor for direct activations
  std::int32_t offset;  // quad with weights stored as w - zero point - offset: offset times the sum
                        // of a row's activations comes on top; 0: none
  std::int32_t block_rows;   // output rows (direct: pixels) per block
  std::size_t row_bytes;     // of a window row
  std::size_t panel_offset;  // of the first panel; panels of one width have one size
};

/// Vectors of panel i: as even as possible, wider ones first.
constexpr std::int32_t panel_vectors(std::int32_t vectors, std::int32_t panels,
                                     std::int32_t i) noexcept {
  return vectors / panels + (i < vectors % panels ? 1 : 0);
}
constexpr std::int32_t first_vector(std::int32_t vectors, std::int32_t panels,
                                    std::int32_t i) noexcept {
  return vectors / panels * i + (i < vectors % panels ? i : vectors % panels);
}
constexpr std::size_t weight_lane_bytes(product k) noexcept { return k == product::pair8 ? 2 : 4; }

/// Bytes of a panel without its tail of alignment: arrays, one epilogue kind word (64 bytes),
/// weights.
constexpr std::size_t panel_bytes(const packed_gemm& h, const target_layout& t,
                                  std::int32_t nv) noexcept {
  const auto columns = static_cast<std::size_t>(nv * t.lanes),
             steps = static_cast<std::size_t>(h.segments) * static_cast<std::size_t>(h.steps);
  return alignment + round_up(columns * 4 * panel_arrays, alignment) +
         round_up(columns * steps * weight_lane_bytes(h.kind), alignment);
}
constexpr std::size_t panel_at(const packed_gemm& h, const target_layout& t, std::int32_t group,
                               std::int32_t i) noexcept {
  const std::int32_t base = h.vectors / h.panels, wide = h.vectors % h.panels;
  const std::size_t narrow_bytes = panel_bytes(h, t, base),
                    wide_bytes = panel_bytes(h, t, base + 1);
  const std::size_t per_group = static_cast<std::size_t>(wide) * wide_bytes +
                                static_cast<std::size_t>(h.panels - wide) * narrow_bytes;
  return h.panel_offset + static_cast<std::size_t>(group) * per_group +
         static_cast<std::size_t>(i < wide ? i : wide) * wide_bytes +
         static_cast<std::size_t>(i < wide ? 0 : i - wide) * narrow_bytes;
}

/// Bytes of scratch a part may ask for. A dilation of millions makes a window of gigabytes out of a
/// file of a few hundred bytes: such a node runs its reference.
inline constexpr std::size_t most_scratch = std::size_t{256} << 20;

constexpr bool gemm_accepts(const gemm_problem& g) noexcept {
  if (g.wide || (g.weights == nullptr && !g.dynamic) || !is_8bit(g.weight_type) ||
      !(is_8bit(g.in_type) || g.in_type == dtype::s16))
    return false;
  return has_requantize(*g.requant, g.out_type) && g.out_c > 0 && g.out_h > 0 && g.out_w > 0 &&
         g.batch > 0 && g.group_in() > 0;
}

/// How weights are stored: what depends on their values.
struct weight_form {
  bool fits = false;        // every w - zero point is in [-128, 127]
  std::int32_t offset = 0;  // what to take from w - zero point so that it fits int8 (w itself, or
                            // w - 128), where that is one number for all channels; 0: nothing or
                            // no such number
};
/// Types and zero points alone tell that weights fit.
constexpr bool always_fits(const gemm_problem& g) noexcept {
  return g.weight_zero_points == nullptr && !g.zero_points_unknown &&
         g.weight_zero_point == (g.weight_type == dtype::u8 ? 128 : 0);
}
constexpr std::int32_t weight_offset(const gemm_problem& g) noexcept {
  if (g.groups != 1) return 0;
  for (std::int32_t c = 1; c < g.out_c && g.weight_zero_points != nullptr; ++c)
    if (g.weight_zero_points[c] != g.weight_zero_points[0]) return 0;
  return (g.weight_type == dtype::u8 ? 128 : 0) -
         (g.weight_zero_points != nullptr ? g.weight_zero_points[0] : g.weight_zero_point);
}
/// Of the weights at hand; of dynamic ones, what holds for any.
inline weight_form form_of(const gemm_problem& g) noexcept {
  const weight_form other{false, weight_offset(g)};
  if (always_fits(g)) return {true, 0};
  if (g.dynamic) return other;
  for (std::int32_t c = 0; c < g.out_c; ++c)
    for (std::int32_t t = 0; t < g.kernel_h * g.kernel_w; ++t)
      for (std::int32_t i = 0; i < g.group_in(); ++i)
        if (const std::int32_t w = g.weight(c, t, i); w < -128 || w > 127) return other;
  return {true, 0};
}
/// The largest of need(form) over the forms that weights of the problem's types may have.
template <class F>
constexpr node_bytes largest_over_forms(const gemm_problem& g, F&& need) noexcept {
  if (always_fits(g)) return need(weight_form{true, 0});
  node_bytes most = need(weight_form{false, g.zero_points_unknown ? 0 : weight_offset(g)});
  if (!g.dynamic) most = largest(most, need(weight_form{true, 0}));
  // Offsets differ in nothing but whether row sums are needed.
  if (g.zero_points_unknown && g.groups == 1) most = largest(most, need(weight_form{false, 1}));
  return most;
}

/// Everything but the data.
constexpr packed_gemm gemm_header(const gemm_problem& g, const target_layout& t,
                                  const weight_form& w) noexcept {
  packed_gemm h{};
  const bool s16 = g.in_type == dtype::s16;
  const bool quads = !s16 && t.quad != 0;
  h.offset = quads && !w.fits ? w.offset : 0;
  h.kind = quads && (w.fits || h.offset != 0) ? product::quad
           : w.fits                           ? product::pair8
                                              : product::pair16;
  h.element = h.kind == product::quad ? 1 : 2;
  const std::int32_t group = h.kind == product::quad ? 4 : 2;
  const bool whole_rows = g.dilation_w == 1 && g.groups == 1;
  h.segments = whole_rows ? g.kernel_h : g.kernel_h * g.kernel_w;
  h.segment_length = whole_rows ? g.kernel_w * g.in_c : g.group_in();
  h.steps = (h.segment_length + group - 1) / group;
  h.vectors = (g.group_out() + t.lanes - 1) / t.lanes;
  h.panels = (h.vectors + t.max_vectors - 1) / t.max_vectors;
  // A quad product wants bytes of one sign: u8 (VNNI) or s8 (Arm); the other sign is 128 away,
  // which the bias takes back.
  const bool other_sign = h.kind == product::quad && (t.quad == 1) == (g.in_type == dtype::s8);
  h.flip = other_sign ? 0x80808080u : 0;
  h.fill = h.kind == product::quad ? (other_sign ? g.in_zero_point ^ 0x80 : g.in_zero_point) & 0xFF
           : s16                   ? g.in_zero_point
                                   : 0;
  const bool pixels_dense = g.kernel_h == 1 && g.kernel_w == 1 && g.stride_h == 1 &&
                            g.stride_w == 1 && g.pad_top == 0 && g.pad_left == 0 &&
                            g.out_h == g.in_h && g.out_w == g.in_w && g.insert_h == 1 &&
                            g.insert_w == 1;
  const bool as_it_is = h.kind == product::quad || s16;
  h.direct = pixels_dense && as_it_is && h.segment_length % group == 0;
  h.step_h = g.kernel_h == 1 ? 1 : g.stride_h;
  h.step_w = g.kernel_w == 1 ? 1 : g.stride_w;
  const std::size_t pixel = static_cast<std::size_t>(g.in_c) * h.element;
  if (h.direct) {
    const auto rows = static_cast<std::int32_t>(32768 / pixel / 24 * 24);
    h.block_rows = rows < 24 ? 24 : rows > 480 ? 480 : rows;
  } else {
    h.window_w = (g.out_w - 1) * h.step_w + (g.kernel_w - 1) * g.dilation_w + 1;
    h.row_bytes = round_up(static_cast<std::size_t>(h.window_w) * pixel + 8, 16);
    const std::int32_t tall = (g.kernel_h - 1) * g.dilation_h + 1;
    // As many output rows as keep the window near 48 KB, and no more than give 96 pixels: beyond,
    // tiles that end a block early are rare.
    const auto tallest = static_cast<std::int32_t>((48u << 10) / h.row_bytes);
    std::int32_t rows = 95 / g.out_w + 1;
    if (rows > g.out_h) rows = g.out_h;
    if (tallest < tall + h.step_h)
      rows = 1;
    else if (rows > (tallest - tall) / h.step_h + 1)
      rows = (tallest - tall) / h.step_h + 1;
    h.block_rows = rows;
    h.window_h = (rows - 1) * h.step_h + tall;
  }
  h.panel_offset =
      round_up(sizeof(packed_gemm) + static_cast<std::size_t>(h.segments) * 8, alignment);
  return h;
}

inline packed_gemm gemm_header(const gemm_problem& g, const target_layout& t) noexcept {
  return gemm_header(g, t, form_of(g));
}

constexpr std::size_t gemm_packed_bytes(const gemm_problem& g, const target_layout& t,
                                        const packed_gemm& h) noexcept {
  return panel_at(h, t, g.groups, 0);
}
/// Row pointers (with a tile's worth of repeats), then as many row sums where they are needed, then
/// the window.
constexpr std::size_t gemm_pointer_bytes(const gemm_problem& g, const packed_gemm& h) noexcept {
  const std::size_t pixels =
      h.direct ? static_cast<std::size_t>(h.block_rows)
               : static_cast<std::size_t>(h.block_rows) * static_cast<std::size_t>(g.out_w);
  return round_up((pixels + 16) * sizeof(void*), alignment);
}
constexpr std::size_t gemm_sum_bytes(const gemm_problem& g, const packed_gemm& h) noexcept {
  return h.offset != 0 ? round_up(gemm_pointer_bytes(g, h) / sizeof(void*) * 4, alignment) : 0;
}
constexpr std::size_t gemm_window_bytes(const gemm_problem& g, const packed_gemm& h) noexcept {
  const std::size_t window =
      h.direct ? 0 : static_cast<std::size_t>(h.window_h) * h.row_bytes + alignment;
  return round_up(gemm_pointer_bytes(g, h) + gemm_sum_bytes(g, h) + window, alignment);
}
/// Weights that change from run to run are packed behind the window.
constexpr node_bytes gemm_bytes(const gemm_problem& g, const target_layout& t,
                                const packed_gemm& h) noexcept {
  const std::size_t packed = gemm_packed_bytes(g, t, h), window = gemm_window_bytes(g, h);
  return g.dynamic ? node_bytes{0, window + packed} : node_bytes{packed, window};
}
inline node_bytes gemm_bytes(const gemm_problem& g, const target_layout& t) noexcept {
  return gemm_bytes(g, t, gemm_header(g, t));
}
/// The matrix kernel's memory for any weights of these types.
constexpr node_bytes gemm_memory(const gemm_problem& g, const target_layout& t) noexcept {
  if (!gemm_accepts(g)) return {};
  return largest_over_forms(g, [&](const weight_form& w) {
    const node_bytes b = gemm_bytes(g, t, gemm_header(g, t, w));
    return b.scratch <= most_scratch ? b : node_bytes{};
  });
}

inline void gemm_pack(const gemm_problem& g, const target_layout& t, std::byte* to) noexcept {
  const packed_gemm h = gemm_header(g, t);
  std::memset(to, 0, panel_at(h, t, g.groups, 0));
  std::memcpy(to, &h, sizeof(h));
  auto* offsets = reinterpret_cast<std::int64_t*>(to + sizeof(h));
  const std::size_t pixel = static_cast<std::size_t>(g.in_c) * h.element;
  const bool whole_rows = h.segments == g.kernel_h && h.segment_length == g.kernel_w * g.in_c;
  for (std::int32_t s = 0; s < h.segments; ++s) {
    const std::int32_t ky = whole_rows ? s : s / g.kernel_w, kx = whole_rows ? 0 : s % g.kernel_w;
    offsets[s] =
        static_cast<std::int64_t>(static_cast<std::size_t>(ky * g.dilation_h) * h.row_bytes +
                                  static_cast<std::size_t>(kx * g.dilation_w) * pixel);
  }
  const std::int32_t per_step = h.kind == product::quad ? 4 : 2;
  const std::int32_t zero = h.kind == product::quad
                                ? (t.quad == 1 ? h.fill : static_cast<std::int8_t>(h.fill))
                                : h.fill;  // zero point as the product sees it
  for (std::int32_t gr = 0; gr < g.groups; ++gr)
    for (std::int32_t i = 0; i < h.panels; ++i) {
      std::byte* panel = to + panel_at(h, t, gr, i);
      const std::int32_t nv = panel_vectors(h.vectors, h.panels, i),
                         local_first = first_vector(h.vectors, h.panels, i) * t.lanes;
      const std::int32_t first = gr * g.group_out() + local_first,
                         left = g.group_out() - local_first,
                         valid = left < nv * t.lanes ? left : nv * t.lanes;
      std::byte* arrays = panel + alignment;
      *reinterpret_cast<epilogue_kind*>(panel) =
          fill_panel(*g.requant, g.out_type, nv, t.lanes, first, valid, arrays);
      auto* bias = reinterpret_cast<std::uint32_t*>(arrays);
      std::byte* w =
          arrays + round_up(static_cast<std::size_t>(nv * t.lanes) * 4 * panel_arrays, alignment);
      for (std::int32_t v = 0; v < nv; ++v)
        for (std::int32_t l = 0; l < t.lanes; ++l) {
          const std::int32_t local = channel_in_panel(nv, v, l), c = first + local;
          if (local >= valid) continue;
          std::uint32_t sum = 0;
          std::int64_t size = 0;
          for (std::int32_t s = 0; s < h.segments; ++s)
            for (std::int32_t k = 0; k < h.segment_length; ++k) {
              const std::int32_t tap = whole_rows ? s * g.kernel_w + k / g.in_c : s,
                                 ic = whole_rows ? k % g.in_c : k;
              const std::int32_t value = g.weight(c, tap, ic);
              sum += static_cast<std::uint32_t>(value);
              size += value < 0 ? -value : value;
              const auto step = static_cast<std::size_t>(s) * static_cast<std::size_t>(h.steps) +
                                static_cast<std::size_t>(k / per_step);
              const std::size_t vector =
                  step * static_cast<std::size_t>(nv) + static_cast<std::size_t>(v);
              const auto inside = static_cast<std::size_t>(t.split_pairs && per_step == 2
                                                               ? k % 2 * t.lanes + l
                                                               : l * per_step + k % per_step);
              const std::size_t at = vector * static_cast<std::size_t>(t.lanes * per_step) + inside;
              if (h.kind == product::pair16)
                reinterpret_cast<std::int16_t*>(w)[at] = static_cast<std::int16_t>(value);
              else
                reinterpret_cast<std::int8_t*>(w)[at] = static_cast<std::int8_t>(value - h.offset);
            }
          bias[v * t.lanes + l] =
              static_cast<std::uint32_t>(g.bias(c)) - static_cast<std::uint32_t>(zero) * sum;
          limit_dr(*reinterpret_cast<epilogue_kind*>(panel), g, c, size);
        }
    }
}

}  // namespace kernels
OCTET_NAMESPACE_END

// ---- octet/kernels/depthwise.hpp
// Packed form of depthwise convolutions.
//
// Taps of one kernel column go into the lanes' groups: a vector holds, for `lanes` channels, 4
// bytes (quad) or 2 int16 (pair16) of neighbouring kernel rows. The kernel interleaves the input
// rows of an output row so once per column, and every column serves all taps and output pixels that
// touch it.


OCTET_NAMESPACE_BEGIN
namespace kernels {

struct packed_depthwise {
  product kind;                    // quad or pair16
  std::int32_t vectors, channels;  // per block
  std::int32_t blocks, groups;     // groups: of kernel rows
  std::int32_t window_w;           // input columns of an output row
  std::uint32_t flip;
  std::int32_t fill;  // byte of a padding element (quad, after flip)
  std::size_t block_bytes, first_block;
};

// The problem: groups as many as input channels, one input channel in each.

/// One input channel: the gemm kernel takes it, its rows are whole kernel rows.
constexpr bool depthwise_is_gemm(const gemm_problem& g) noexcept { return g.in_c == 1; }

constexpr packed_depthwise depthwise_header(const gemm_problem& g, const target_layout& t,
                                            const weight_form& w) noexcept {
  packed_depthwise h{};
  const bool quad = w.fits && g.in_type != dtype::s16 && t.quad != 0;
  h.kind = quad ? product::quad : product::pair16;
  const std::int32_t group = quad ? 4 : 2;
  h.vectors = group;
  h.channels = group * t.lanes;
  h.blocks = (g.out_c + h.channels - 1) / h.channels;
  h.groups = (g.kernel_h + group - 1) / group;
  h.window_w = (g.out_w - 1) * g.stride_w + (g.kernel_w - 1) * g.dilation_w + 1;
  const bool other_sign = quad && (t.quad == 1) == (g.in_type == dtype::s8);
  h.flip = other_sign ? 0x80808080u : 0;
  h.fill = quad ? (other_sign ? g.in_zero_point ^ 0x80 : g.in_zero_point) & 0xFF : 0;
  h.block_bytes =
      alignment + round_up(static_cast<std::size_t>(h.channels) * 4 * panel_arrays, alignment) +
      round_up(static_cast<std::size_t>(g.kernel_w * h.groups * h.channels) * 4, alignment);
  h.first_block = round_up(sizeof(h), alignment);
  return h;
}
inline packed_depthwise depthwise_header(const gemm_problem& g, const target_layout& t) noexcept {
  const bool quads = g.in_type != dtype::s16 && t.quad != 0;
  return depthwise_header(g, t, quads ? form_of(g) : weight_form{});
}
constexpr bool depthwise_accepts(const gemm_problem& g) noexcept {
  if (depthwise_is_gemm(g)) return gemm_accepts(g);
  if (g.in_c < 1 || g.out_c % g.in_c != 0 || g.wide || g.weights == nullptr ||
      !is_8bit(g.weight_type) || !(is_8bit(g.in_type) || g.in_type == dtype::s16))
    return false;
  // s16: x is taken as it is and multiplied with w - zero point as int16; a zero point of x would
  // go into the bias.
  return has_requantize(*g.requant, g.out_type) && g.out_h > 0 && g.out_w > 0 && g.batch > 0;
}
/// Interleaved columns, then one column of expanded channels per kernel row.
constexpr std::size_t depthwise_columns_bytes(const packed_depthwise& h) noexcept {
  return round_up(
      static_cast<std::size_t>(h.window_w) * static_cast<std::size_t>(h.groups * h.channels) * 4,
      alignment);
}
constexpr std::size_t depthwise_packed_bytes(const packed_depthwise& h) noexcept {
  return h.first_block + static_cast<std::size_t>(h.blocks) * h.block_bytes;
}
inline node_bytes depthwise_bytes(const gemm_problem& g, const target_layout& t) noexcept {
  if (depthwise_is_gemm(g)) return gemm_bytes(g, t);
  const packed_depthwise h = depthwise_header(g, t);
  return {depthwise_packed_bytes(h), depthwise_columns_bytes(h)};
}
/// The kernel's memory for any weights of these types.
constexpr node_bytes depthwise_memory(const gemm_problem& g, const target_layout& t) noexcept {
  if (depthwise_is_gemm(g)) return gemm_memory(g, t);
  if (!depthwise_accepts(g)) return {};
  return largest_over_forms(g, [&](const weight_form& w) {
    const packed_depthwise h = depthwise_header(g, t, w);
    const node_bytes b{depthwise_packed_bytes(h), depthwise_columns_bytes(h)};
    return b.scratch <= most_scratch ? b : node_bytes{};
  });
}
inline void depthwise_pack(const gemm_problem& g, const target_layout& t, std::byte* to) noexcept {
  if (depthwise_is_gemm(g)) return gemm_pack(g, t, to);
  const packed_depthwise h = depthwise_header(g, t);
  std::memset(to, 0, depthwise_packed_bytes(h));
  std::memcpy(to, &h, sizeof(h));
  const std::int32_t group = h.kind == product::quad ? 4 : 2;
  // The zero point as the product sees it: pair16 subtracts it from bytes, and takes int16 as it
  // is.
  const std::int32_t zero = h.kind == product::quad
                                ? (t.quad == 1 ? h.fill : static_cast<std::int8_t>(h.fill))
                            : g.in_type == dtype::s16 ? g.in_zero_point
                                                      : 0;
  for (std::int32_t b = 0; b < h.blocks; ++b) {
    std::byte* block = to + h.first_block + static_cast<std::size_t>(b) * h.block_bytes;
    const std::int32_t first = b * h.channels,
                       valid = g.out_c - first < h.channels ? g.out_c - first : h.channels;
    std::byte* arrays = block + alignment;
    *reinterpret_cast<epilogue_kind*>(block) =
        fill_panel(*g.requant, g.out_type, h.vectors, t.lanes, first, valid, arrays);
    auto* bias = reinterpret_cast<std::uint32_t*>(arrays);
    std::byte* w =
        arrays + round_up(static_cast<std::size_t>(h.channels) * 4 * panel_arrays, alignment);
    for (std::int32_t v = 0; v < h.vectors; ++v)
      for (std::int32_t l = 0; l < t.lanes; ++l) {
        const std::int32_t local = channel_in_panel(h.vectors, v, l), c = first + local;
        if (local >= valid) continue;
        std::uint32_t sum = 0;
        std::int64_t size = 0;
        for (std::int32_t ky = 0; ky < g.kernel_h; ++ky)
          for (std::int32_t kx = 0; kx < g.kernel_w; ++kx) {
            const std::int32_t value = g.weight(c, ky * g.kernel_w + kx, 0), j = ky % group;
            sum += static_cast<std::uint32_t>(value);
            size += value < 0 ? -value : value;
            const auto vector = static_cast<std::size_t>(
                ((kx * h.groups + ky / group) * h.vectors + v) * t.lanes * group);
            const auto inside = static_cast<std::size_t>(
                t.split_pairs && group == 2 ? j * t.lanes + l : l * group + j);
            if (h.kind == product::quad)
              reinterpret_cast<std::int8_t*>(w)[vector + inside] = static_cast<std::int8_t>(value);
            else
              reinterpret_cast<std::int16_t*>(w)[vector + inside] =
                  static_cast<std::int16_t>(value);
          }
        bias[v * t.lanes + l] =
            static_cast<std::uint32_t>(g.bias(c)) - static_cast<std::uint32_t>(zero) * sum;
        limit_dr(*reinterpret_cast<epilogue_kind*>(block), g, c, size);
      }
  }
}

}  // namespace kernels
OCTET_NAMESPACE_END

// ---- octet/ops/conv2d.hpp
// qnn.conv2d and qnn.depthwise_conv2d: NHWC, any stride, dilation, groups, explicit padding, fused
// requantize.


OCTET_NAMESPACE_BEGIN

/// Padding in input elements; taps outside the image count as the input's zero point.
struct conv2d_attrs {
  std::int32_t stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  std::int32_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  std::int32_t groups = 1;
  bool f32_product = false;  // sx*sw is rounded to binary32 before anything else (TFLite uint8)
  static constexpr auto fields = std::tuple{field{"stride_h", &conv2d_attrs::stride_h},
                                            field{"stride_w", &conv2d_attrs::stride_w},
                                            field{"dilation_h", &conv2d_attrs::dilation_h},
                                            field{"dilation_w", &conv2d_attrs::dilation_w},
                                            field{"pad_top", &conv2d_attrs::pad_top},
                                            field{"pad_left", &conv2d_attrs::pad_left},
                                            field{"pad_bottom", &conv2d_attrs::pad_bottom},
                                            field{"pad_right", &conv2d_attrs::pad_right},
                                            field{"groups", &conv2d_attrs::groups},
                                            field{"f32_product", &conv2d_attrs::f32_product}};
};

/// What conv2d and depthwise kernels get.
/// conv2d weights: [out_c][kernel_h][kernel_w][in_c / groups]; depthwise weights:
/// [kernel_h][kernel_w][out_c], out_c = in_c * multiplier.
struct conv2d_params {
  std::int32_t batch, in_h, in_w, in_c, out_h, out_w, out_c, kernel_h, kernel_w;
  std::int32_t stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left, groups;
  dtype in_type, weight_type,
      out_type;  // out_type s32 or s64 with requant.mode none: the accumulators
  std::int32_t in_zero_point = 0;
  const std::int32_t* weight_zero_points = nullptr;  // one per output channel; null: all 0
  const void* weights = nullptr;  // constant weights, unpacked; null: dynamic, taken from in[1]
  const std::int32_t* bias32 = nullptr;  // at most one of the two
  const std::int64_t* bias64 = nullptr;
  bool wide = false;  // accumulators may exceed int32: int64 needed
  requantize_params requant;
  const std::byte* packed = nullptr;  // set by the kernel's pack()
  constexpr std::int64_t bias(std::int32_t c) const {
    return bias32 ? bias32[c] : bias64 ? bias64[c] : 0;
  }
};

namespace kernels {
constexpr gemm_problem problem_of(const conv2d_params& p, bool depthwise) noexcept {
  gemm_problem g;
  g.batch = p.batch, g.in_h = p.in_h, g.in_w = p.in_w, g.in_c = p.in_c, g.out_h = p.out_h,
  g.out_w = p.out_w, g.out_c = p.out_c, g.kernel_h = p.kernel_h, g.kernel_w = p.kernel_w;
  g.stride_h = p.stride_h, g.stride_w = p.stride_w, g.dilation_h = p.dilation_h,
  g.dilation_w = p.dilation_w, g.pad_top = p.pad_top, g.pad_left = p.pad_left,
  g.groups = depthwise ? p.in_c : p.groups;
  g.in_type = p.in_type, g.weight_type = p.weight_type, g.out_type = p.out_type,
  g.in_zero_point = p.in_zero_point, g.weight_zero_points = p.weight_zero_points,
  g.weights = p.weights;
  g.weight_oc = depthwise ? 1
                          : static_cast<std::size_t>(p.kernel_h * p.kernel_w) *
                                static_cast<std::size_t>(g.group_in());
  g.weight_tap =
      depthwise ? static_cast<std::size_t>(p.out_c) : static_cast<std::size_t>(g.group_in());
  g.bias32 = p.bias32, g.bias64 = p.bias64, g.wide = p.wide, g.requant = &p.requant;
  return g;
}
}  // namespace kernels

/// Shape of a convolution: x [N,H,W,C], w [O,KH,KW,C/groups].
constexpr shape_or conv2d_shape(const conv2d_attrs& a, const dims& x, const dims& w) {
  if (x.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, x};
  if (w.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, w};
  if (a.groups < 1 || x[3] % a.groups != 0 || w[0] % a.groups != 0)
    return violation{rule::groups, dims{a.groups}, dims{x[3], w[0]}};
  if (w[3] != x[3] / a.groups) return violation{rule::channels, dims{x[3] / a.groups}, dims{w[3]}};
  if (a.stride_h < 1 || a.stride_w < 1 || a.dilation_h < 1 || a.dilation_w < 1)
    return violation{rule::stride, dims{1, 1, 1, 1},
                     dims{a.stride_h, a.stride_w, a.dilation_h, a.dilation_w}};
  const std::int64_t kh = (std::int64_t{w[1]} - 1) * a.dilation_h + 1,
                     kw = (std::int64_t{w[2]} - 1) * a.dilation_w + 1;
  const std::int64_t ph = std::int64_t{x[1]} + a.pad_top + a.pad_bottom,
                     pw = std::int64_t{x[2]} + a.pad_left + a.pad_right;
  if (kh > ph || kw > pw || ph > INT32_MAX || pw > INT32_MAX)
    return violation{rule::window,
                     dims{static_cast<std::int32_t>(kh), static_cast<std::int32_t>(kw)},
                     dims{static_cast<std::int32_t>(ph), static_cast<std::int32_t>(pw)}};
  return dims{x[0], static_cast<std::int32_t>((ph - kh) / a.stride_h + 1),
              static_cast<std::int32_t>((pw - kw) / a.stride_w + 1), w[0]};
}
/// Depthwise: x [N,H,W,C], w [1,KH,KW,C*multiplier].
constexpr shape_or depthwise_conv2d_shape(const conv2d_attrs& a, const dims& x, const dims& w) {
  if (x.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, x};
  if (w.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, w};
  if (x[3] < 1 || w[3] % x[3] != 0 || w[0] != 1)
    return violation{rule::channels, dims{1, w[1], w[2], x[3]}, w};
  conv2d_attrs one = a;
  one.groups = 1;
  return conv2d_shape(one, dims{x[0], x[1], x[2], 1}, dims{w[3], w[1], w[2], 1});
}

namespace reference {

/// The meaning of both convolutions, one output value at a time. `weight(oc, ky, kx, ic)`, ic
/// counted within the group.
template <class In, class W, class Out>
constexpr void conv2d(const conv2d_params& p, const In* x, const W* w, Out* y, bool depthwise,
                      std::size_t row_begin, std::size_t row_end) {
  const std::int32_t group_in = depthwise ? 1 : p.in_c / p.groups,
                     group_out = depthwise ? p.out_c / p.in_c : p.out_c / p.groups;
  const image_extents image{p.in_h, p.in_w, p.in_c};
  const std::size_t taps = product_of(p.kernel_h, p.kernel_w);
  for (std::size_t row = row_begin; row < row_end; ++row) {
    const auto [n, oy] = image_row_of(row, p.out_h);
    for (std::int32_t ox = 0; ox < p.out_w; ++ox)
      for (std::int32_t oc = 0; oc < p.out_c; ++oc) {
        std::int64_t acc = p.requant.mode == rounding::float_bias_half_even ? 0 : p.bias(oc);
        const std::int32_t wz = p.weight_zero_points ? p.weight_zero_points[oc] : 0,
                           first = oc / group_out * group_in;
        for (std::int32_t ky = 0; ky < p.kernel_h; ++ky)
          for (std::int32_t kx = 0; kx < p.kernel_w; ++kx) {
            const std::int32_t iy = oy * p.stride_h - p.pad_top + ky * p.dilation_h,
                               ix = ox * p.stride_w - p.pad_left + kx * p.dilation_w;
            if (iy < 0 || iy >= p.in_h || ix < 0 || ix >= p.in_w) continue;
            const In* px = x + nhwc_index(image, n, iy, ix, first);
            const std::size_t tap = as_size(ky * p.kernel_w + kx);
            const W* pw = w + (depthwise ? tap * as_size(p.out_c) + as_size(oc)
                                         : (as_size(oc) * taps + tap) * as_size(group_in));
            for (std::int32_t ic = 0; ic < group_in; ++ic)
              acc += std::int64_t{px[ic] - p.in_zero_point} * (std::int32_t{pw[ic]} - wz);
          }
        const std::size_t at =
            (row * as_size(p.out_w) + as_size(ox)) * as_size(p.out_c) + as_size(oc);
        if (p.requant.mode == rounding::none)
          y[at] = static_cast<Out>(acc);
        else
          y[at] = static_cast<Out>(numerics::requantize(p.requant, acc, oc));
      }
  }
}
template <bool Depthwise> void conv2d_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const conv2d_params*>(a.params);
  const auto rows = part_of(product_of(p.batch, p.out_h), a.part, a.parts);
  with_quantized(p.in_type, [&]<class In>(type_tag<In>) {
    with_quantized(p.weight_type, [&]<class W>(type_tag<W>) {
      with_integer(p.out_type, [&]<class Out>(type_tag<Out>) {
        conv2d(p, static_cast<const In*>(a.in[0]), static_cast<const W*>(a.in[1]),
               static_cast<Out*>(a.out[0]), Depthwise, rows.begin, rows.end);
      });
    });
  });
}

}  // namespace reference

namespace ops {

/// The zero point of all channels. Nothing where channels differ, or where the compiler cannot tell
/// because the numbers are not constants to it.
constexpr std::optional<std::int32_t> common_zero_point(const tensor_desc& w) {
  if (w.zero_points.size() <= 1) return w.zero_point();
  if (std::is_constant_evaluated()) return std::nullopt;
  for (std::int32_t z : w.zero_points)
    if (z != w.zero_points[0]) return std::nullopt;
  return w.zero_points[0];
}
/// A problem's weights before they are prepared: their zero points where these are at hand.
constexpr void set_weights(kernels::gemm_problem& g, const tensor_desc& w) {
  const auto common = common_zero_point(w);
  g.weight_zero_point = common.value_or(0);
  g.zero_points_unknown = !common.has_value();
}
/// Sum over one output channel's weights of |w - zero point|.
template <class F>
std::int64_t absolute_sum(const node_view& n, std::size_t input, std::size_t count, F&& index,
                          std::int32_t zero_point) {
  std::int64_t sum = 0;
  with_quantized(n.in[input].type, [&]<class W>(type_tag<W>) {
    const auto w = n.constant_as<W>(input);
    for (std::size_t i = 0; i < count; ++i) {
      const std::int64_t v = std::int64_t{w[index(i)]} - zero_point;
      sum += v < 0 ? -v : v;
    }
  });
  return sum;
}

/// What conv2d, depthwise_conv2d, fully_connected and transpose_conv2d know of their tensors before
/// anything is computed: types, the input's zero point, where constant weights lie.
template <class P> constexpr void set_types(P& p, const node_view& n) {
  p.in_type = n.in[0].type;
  p.weight_type = n.in[1].type;
  p.out_type = n.out[0].type;
  p.in_zero_point = n.in[0].zero_point();
  if (n.is_constant(1)) p.weights = n.constant[1].data();
}
/// op_def::memory of the same. `p`: extents set. `problem(p)`: as the kernel sees it;
/// `need(problem, layout)`: the kernel's memory.
template <class P, class Problem, class F>
constexpr void accumulation_memory(const node_view& n, node_memory& to, P& p, std::size_t channels,
                                   Problem&& problem, F&& need) {
  const tensor_desc& w = n.in[1];
  to.make<P>();
  set_types(p, n);
  const bool real_bias = n.round != rounding::none && n.present(2) && n.in[2].type == dtype::f32;
  p.requant.mode = requantize_mode(n.round, real_bias);
  if (common_zero_point(w) != 0) to.array<std::int32_t>(channels);
  requantize_memory(to, n.round, w.per_channel() ? channels : 1);
  if (real_bias) to.array<float>(channels);
  kernels::gemm_problem g = problem(p);
  set_weights(g, w);
  to.kernel([&](const kernels::target_layout& t) { return need(g, t); });
}
/// The parts that conv2d, depthwise_conv2d, fully_connected and transpose_conv2d share: types, zero
/// points, bias (input 2), accumulator width, requantize. `channels` = output channels;
/// `channel_weights(oc, i)` = index of the i-th of `per_channel` weights of output channel oc.
template <class P, class F>
status prepare_accumulation(const node_view& n, prepared& to, P& p, std::size_t channels,
                            std::size_t per_channel, bool f32_product, F&& channel_weights) {
  const tensor_desc &x = n.in[0], &w = n.in[1], &y = n.out[0];
  set_types(p, n);
  if (x.per_channel()) return unsupported("per-channel activations");
  if (w.per_channel() && w.scales.size() != channels)
    return invalid("weight scales", std::to_string(w.scales.size()), std::to_string(channels));
  if (common_zero_point(w) != 0) {
    auto z = to.array<std::int32_t>(channels);
    for (std::size_t c = 0; c < channels; ++c) z[c] = w.zero_point(c);
    p.weight_zero_points = z.data();
  }
  const bool has_bias = n.present(2);
  if (has_bias) {
    const tensor_desc& b = n.in[2];
    if (b.shape.elements().value != channels)
      return invalid("bias count", std::to_string(b.shape.elements().value),
                     std::to_string(channels));
    if (!n.is_constant(2)) return unsupported("a bias that is computed at run time");
    if (b.type == dtype::s32) {
      p.bias32 = n.constant_as<std::int32_t>(2).data();
    } else if (b.type == dtype::s64) {
      for (std::int64_t v : n.constant_as<std::int64_t>(2))
        if (v >= std::int64_t{1} << 62 || v <= -(std::int64_t{1} << 62))
          return invalid("bias", std::to_string(v),
                         "a magnitude below 2^62");  // sums with it must not leave int64
      p.bias64 = n.constant_as<std::int64_t>(2).data();
    }
  }
  // |acc + bias| < 2^31 is proven from the weights at hand; where it cannot be, accumulate in
  // int64.
  const std::int64_t largest_x = largest_offset(x.type, x.zero_point());
  p.wide = false;
  for (std::size_t c = 0; c < channels && !p.wide; ++c) {
    const std::int64_t sum =
        p.weights
            ? absolute_sum(
                  n, 1, per_channel, [&](std::size_t i) { return channel_weights(c, i); },
                  w.zero_point(c))
            : static_cast<std::int64_t>(per_channel) * largest_offset(w.type, w.zero_point(c));
    const std::int64_t bias = p.bias(static_cast<std::int32_t>(c));
    if (sum > INT32_MAX / std::max<std::int64_t>(largest_x, 1) ||
        sum * largest_x + (bias < 0 ? -bias : bias) > INT32_MAX)
      p.wide = true;
  }
  if (n.round == rounding::none) {
    if (p.wide && y.type == dtype::s32)
      return invalid("accumulators exceed int32", {}, "int64 output");
    return unit{};
  }
  const auto product = [&](std::size_t c) {
    return laws::accumulator_scale(f32_product || uses_f32_product(n.round), x.scale(), w.scale(c));
  };
  if (auto s = fill_requantize(to, p.requant, n.round, w.per_channel() ? channels : 1, product, y,
                               clamp_of(*n.attrs, y.type));
      !s)
    return s;
  if (has_bias && n.in[2].type == dtype::f32) {
    auto b = to.array<float>(channels);
    const auto raw = n.constant_as<float>(2);
    // MXN's bias is in units of the accumulator already.
    for (std::size_t c = 0; c < channels; ++c)
      b[c] = n.round == rounding::mxnet ? raw[c]
                                        : numerics::div(raw[c], static_cast<float>(product(c)));
    p.requant.bias = b.data();
    p.requant.mode = requantize_mode(n.round, true);
  }
  return unit{};
}

constexpr status conv2d_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(
      out, conv2d_shape(read_attributes<conv2d_attrs>(*n.attrs), n.in[0].shape, n.in[1].shape));
}
constexpr status depthwise_conv2d_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, depthwise_conv2d_shape(read_attributes<conv2d_attrs>(*n.attrs),
                                               n.in[0].shape, n.in[1].shape));
}

/// Extents and steps of a convolution, plain or transposed, from its tensors and attributes.
template <class Attributes>
constexpr void set_geometry(conv2d_params& p, const Attributes& a, const dims& x, const dims& w,
                            const dims& y) {
  p.batch = x[0], p.in_h = x[1], p.in_w = x[2], p.in_c = x[3];
  p.out_h = y[1], p.out_w = y[2], p.out_c = y[3];
  p.kernel_h = w[1], p.kernel_w = w[2];
  p.stride_h = a.stride_h, p.stride_w = a.stride_w, p.dilation_h = a.dilation_h,
  p.dilation_w = a.dilation_w;
  p.pad_top = a.pad_top, p.pad_left = a.pad_left;
  p.groups = a.groups;
}
template <bool Depthwise>
constexpr void set_conv2d(conv2d_params& p, const conv2d_attrs& a, const node_view& n) {
  set_geometry(p, a, n.in[0].shape, n.in[1].shape, n.out[0].shape);
  if (Depthwise) p.groups = p.in_c;
}
template <bool Depthwise> constexpr void conv2d_memory(const node_view& n, node_memory& to) {
  conv2d_params p{};
  set_conv2d<Depthwise>(p, read_attributes<conv2d_attrs>(*n.attrs), n);
  accumulation_memory(
      n, to, p, static_cast<std::size_t>(p.out_c),
      [](const conv2d_params& q) { return kernels::problem_of(q, Depthwise); },
      Depthwise ? &kernels::depthwise_memory : &kernels::gemm_memory);
}
template <bool Depthwise> status conv2d_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<conv2d_attrs>(*n.attrs);
  const dims &w = n.in[1].shape, &y = n.out[0].shape;
  auto& p = to.make<conv2d_params>(&reference::conv2d_kernel<Depthwise>,
                                   Depthwise ? kernel_id::depthwise_conv2d : kernel_id::conv2d);
  set_conv2d<Depthwise>(p, a, n);
  const auto channels = static_cast<std::size_t>(y[3]);
  const std::size_t per_channel = static_cast<std::size_t>(w[1]) * static_cast<std::size_t>(w[2]) *
                                  (Depthwise ? 1 : static_cast<std::size_t>(w[3]));
  return prepare_accumulation(n, to, p, channels, per_channel, a.f32_product,
                              [=](std::size_t c, std::size_t i) {
                                return Depthwise ? i * channels + c : c * per_channel + i;
                              });
}
/// Forms of the layers that accumulate: the sums themselves, or rounded; FB takes a float bias.
inline constexpr form accumulating_forms[] = {
    {.in = {quantized_types, quantized_types, accumulator_types}, .out = {accumulator_types}},
    {.in = {quantized_types, quantized_types, accumulator_types},
     .out = {rescaled_types},
     .roundings = requantizing},
    {.in = {quantized_types, quantized_types, dtype::f32},
     .out = {rescaled_types},
     .roundings = with_real_bias},
};
inline constexpr op_def conv2d{
    .name = "qnn.conv2d",
    .summary = "convolution of NHWC images",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = accumulating_forms,
    .accumulates = true,
    .kernel = kernel_id::conv2d,
    .shape = &conv2d_op_shape,
    .memory = &conv2d_memory<false>,
    .prepare = &conv2d_prepare<false>,
    .decide = &laws::conv2d,
};
inline constexpr op_def depthwise_conv2d{
    .name = "qnn.depthwise_conv2d",
    .summary = "convolution of each channel by itself",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = accumulating_forms,
    .accumulates = true,
    .kernel = kernel_id::depthwise_conv2d,
    .shape = &depthwise_conv2d_op_shape,
    .memory = &conv2d_memory<true>,
    .prepare = &conv2d_prepare<true>,
    .decide = &laws::depthwise_conv2d,
};

}  // namespace ops
OCTET_NAMESPACE_END

// ---- octet/ops/batch_matmul.hpp
// qnn.batch_matmul and batch_matmul: [..., M, K] x [..., K, N], either operand dynamic, constant or
// stored transposed; leading axes broadcast.


OCTET_NAMESPACE_BEGIN

struct batch_matmul_attrs {
  bool adj_x = false, adj_y = false;  // the operand is stored with its last two axes exchanged
  static constexpr auto fields = std::tuple{field{"adj_x", &batch_matmul_attrs::adj_x},
                                            field{"adj_y", &batch_matmul_attrs::adj_y}};
};

struct batch_matmul_params {
  std::size_t m = 0, k = 0, n = 0;
  bool adj_x = false, adj_y = false;
  bool quantized = true;
  dtype a_type, b_type, out_type;  // out_type s32 or s64 with requant.mode none: the accumulators
  std::int32_t a_zero_point = 0, b_zero_point = 0;
  const void* weights = nullptr;  // constant second operand, unpacked; null: dynamic
  bool wide = false;              // accumulators may exceed int32
  requantize_params requant;      // one channel
  broadcast_plan<2> batches;      // which matrix of each operand an output matrix takes
  const std::byte* packed = nullptr;
};

namespace kernels {
/// One constant second operand serves all matrices: it is packed once.
constexpr bool packs_once(const batch_matmul_params& p) noexcept {
  if (p.weights == nullptr) return false;
  for (std::int32_t i = 0; i < p.batches.rank; ++i)
    if (p.batches.stride[1][static_cast<std::size_t>(i)] != 0) return false;
  return true;
}
/// One matrix of a batch; `weights` is the second operand's, and null where it is given at run
/// time.
constexpr gemm_problem problem_of(const batch_matmul_params& p) noexcept {
  gemm_problem g;
  g.in_h = g.out_h = static_cast<std::int32_t>(p.m), g.in_c = static_cast<std::int32_t>(p.k),
  g.out_c = static_cast<std::int32_t>(p.n);
  g.in_type = p.a_type, g.weight_type = p.b_type, g.out_type = p.out_type,
  g.in_zero_point = p.a_zero_point, g.weight_zero_point = p.b_zero_point, g.weights = p.weights;
  g.weight_oc = p.adj_y ? p.k : 1, g.weight_ic = p.adj_y ? 1 : p.n;
  g.wide = p.wide, g.requant = &p.requant, g.dynamic = !packs_once(p);
  return g;
}
constexpr bool batch_matmul_accepts(const batch_matmul_params& p) noexcept {
  constexpr std::size_t most = std::size_t{1} << 24;
  return p.quantized && !p.adj_x && p.requant.channels == 1 && p.batches.count > 0 && p.m <= most &&
         p.k <= most && p.n <= most && gemm_accepts(problem_of(p));
}
}  // namespace kernels

constexpr shape_or batch_matmul_shape(const batch_matmul_attrs& at, const dims& a, const dims& b) {
  if (a.rank < 2 || b.rank < 2) return violation{rule::rank, dims{2, 2}, dims{a.rank, b.rank}};
  const std::int32_t m = a.back(at.adj_x ? 0 : 1), ka = a.back(at.adj_x ? 1 : 0),
                     kb = b.back(at.adj_y ? 0 : 1), n = b.back(at.adj_y ? 1 : 0);
  if (ka != kb) return violation{rule::channels, dims{ka}, dims{kb}};
  dims la = a, lb = b;
  la.rank -= 2;
  lb.rank -= 2;
  dims y = broadcast(la, lb);
  if (y.rank < 0) return violation{rule::shapes_differ, a, b};
  y.push_back(m);
  y.push_back(n);
  return y;
}

namespace reference {
/// Output rows [begin, end) of batches * m.
template <class A, class B, class Y>
constexpr void batch_matmul(const batch_matmul_params& p, const A* a, const B* b, Y* y,
                            std::size_t begin, std::size_t end) {
  if (begin >= end) return;
  for_each_broadcast(
      p.batches, begin / p.m, (end + p.m - 1) / p.m, [&](std::size_t batch, const auto& at) {
        const A* pa = a + at[0] * p.m * p.k;
        const B* pb = b + at[1] * p.k * p.n;
        for (std::size_t i = batch * p.m < begin ? begin - batch * p.m : 0;
             i < p.m && batch * p.m + i < end; ++i)
          for (std::size_t j = 0; j < p.n; ++j) {
            Y& to = y[(batch * p.m + i) * p.n + j];
            if constexpr (std::is_floating_point_v<A>) {
              float acc = 0;
              for (std::size_t k = 0; k < p.k; ++k)
                acc = numerics::add(acc, numerics::mul(pa[p.adj_x ? k * p.m + i : i * p.k + k],
                                                       pb[p.adj_y ? j * p.k + k : k * p.n + j]));
              to = acc;
            } else {
              std::int64_t acc = 0;
              for (std::size_t k = 0; k < p.k; ++k)
                acc += std::int64_t{pa[p.adj_x ? k * p.m + i : i * p.k + k] - p.a_zero_point} *
                       (pb[p.adj_y ? j * p.k + k : k * p.n + j] - p.b_zero_point);
              to = p.requant.mode == rounding::none
                       ? static_cast<Y>(acc)
                       : static_cast<Y>(numerics::requantize(p.requant, acc, 0));
            }
          }
      });
}
inline void batch_matmul_kernel(const kernel_args& k) noexcept {
  const auto& p = *static_cast<const batch_matmul_params*>(k.params);
  const auto r = part_of(p.batches.count * p.m, k.part, k.parts);
  if (!p.quantized)
    return batch_matmul(p, static_cast<const float*>(k.in[0]), static_cast<const float*>(k.in[1]),
                        static_cast<float*>(k.out[0]), r.begin, r.end);
  with_quantized(p.a_type, [&]<class A>(type_tag<A>) {
    with_quantized(p.b_type, [&]<class B>(type_tag<B>) {
      with_integer(p.out_type, [&]<class Y>(type_tag<Y>) {
        batch_matmul(p, static_cast<const A*>(k.in[0]), static_cast<const B*>(k.in[1]),
                     static_cast<Y*>(k.out[0]), r.begin, r.end);
      });
    });
  });
}
}  // namespace reference

namespace ops {
constexpr status batch_matmul_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, batch_matmul_shape(read_attributes<batch_matmul_attrs>(*n.attrs),
                                           n.in[0].shape, n.in[1].shape));
}
/// Extents and types; whether sums are wide.
template <bool Quantized>
constexpr void set_batch_matmul(batch_matmul_params& p, const node_view& n) {
  const auto at = read_attributes<batch_matmul_attrs>(*n.attrs);
  const tensor_desc &a = n.in[0], &b = n.in[1], &y = n.out[0];
  p.adj_x = at.adj_x, p.adj_y = at.adj_y;
  p.quantized = Quantized;
  p.a_type = a.type, p.b_type = b.type, p.out_type = y.type;
  p.m = static_cast<std::size_t>(a.shape.back(at.adj_x ? 0 : 1));
  p.k = static_cast<std::size_t>(a.shape.back(at.adj_x ? 1 : 0));
  p.n = static_cast<std::size_t>(b.shape.back(at.adj_y ? 1 : 0));
  dims la = a.shape, lb = b.shape, ly = y.shape;
  la.rank -= 2, lb.rank -= 2, ly.rank -= 2;
  p.batches = make_broadcast<2>({la, lb}, ly);
  if (p.m == 0) p.batches.count = 0;
  if (n.is_constant(1)) p.weights = n.constant[1].data();
  if (!Quantized || !with_quantized(a.type, [](auto) {}) || !with_quantized(b.type, [](auto) {}))
    return;
  p.a_zero_point = a.zero_point(), p.b_zero_point = b.zero_point();
  const std::int64_t product =
      largest_offset(a.type, p.a_zero_point) * largest_offset(b.type, p.b_zero_point);
  p.wide = static_cast<std::int64_t>(p.k) > INT32_MAX / std::max<std::int64_t>(product, 1);
}
template <bool Quantized> constexpr void batch_matmul_memory(const node_view& n, node_memory& to) {
  to.make<batch_matmul_params>();
  if (!Quantized) return;
  batch_matmul_params p{};
  set_batch_matmul<Quantized>(p, n);
  p.requant.mode = requantize_mode(n.round);
  requantize_memory(to, n.round, 1);
  const kernels::gemm_problem g = kernels::problem_of(p);
  if (kernels::batch_matmul_accepts(p))
    to.kernel([&](const kernels::target_layout& t) { return kernels::gemm_memory(g, t); });
}
template <bool Quantized> status batch_matmul_prepare(const node_view& n, prepared& to) {
  const tensor_desc &a = n.in[0], &b = n.in[1], &y = n.out[0];
  auto& p = to.make<batch_matmul_params>(&reference::batch_matmul_kernel, kernel_id::batch_matmul);
  set_batch_matmul<Quantized>(p, n);
  if constexpr (!Quantized) {
    return unit{};
  } else {
    if (a.per_channel() || b.per_channel())
      return unsupported("per-channel operands of a matrix product");
    if (n.round == rounding::none) {
      if (p.wide && y.type == dtype::s32)
        return invalid("accumulators exceed int32", {}, "int64 output");
      return unit{};
    }
    const double scale = laws::accumulator_scale(uses_f32_product(n.round), a.scale(), b.scale());
    return fill_requantize(to, p.requant, n.round, std::span<const double>(&scale, 1), y,
                           clamp_of(*n.attrs, y.type));
  }
}
inline constexpr form qnn_batch_matmul_forms[] = {
    {.in = {quantized_types, quantized_types}, .out = {accumulator_types}},
    {.in = {quantized_types, quantized_types}, .out = {rescaled_types}, .roundings = requantizing},
};
inline constexpr form float_batch_matmul_forms[] = {
    {.in = {dtype::f32, dtype::f32}, .out = {dtype::f32}},
};
inline constexpr op_def qnn_batch_matmul{
    .name = "qnn.batch_matmul",
    .summary = "matrix product of quantized operands, batched",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = qnn_batch_matmul_forms,
    .accumulates = true,
    .kernel = kernel_id::batch_matmul,
    .shape = &batch_matmul_op_shape,
    .memory = &batch_matmul_memory<true>,
    .prepare = &batch_matmul_prepare<true>,
    .decide = &laws::batch_matmul,
};
inline constexpr op_def batch_matmul{
    .name = "batch_matmul",
    .summary = "matrix product of float32 operands, batched",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = float_batch_matmul_forms,
    .shape = &batch_matmul_op_shape,
    .memory = &batch_matmul_memory<false>,
    .prepare = &batch_matmul_prepare<false>,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/numerics/math.hpp
// Elementary functions, constexpr and without libm: the same bits in constant evaluation, on every
// compiler, target and under every flag.
//
// Each is computed as an unevaluated sum of two doubles (about 2^-57 relative or better, erf and
// pow 2^-50) and rounded once, to binary64 or, by the *_f32 forms, to binary32. The binary32
// results are the correctly rounded ones for all but about one argument in 10^9. Assumes round to
// nearest and, for subnormal results, no flushing to zero (numerics/fp_env.hpp sets both).

#include <bit>
#include <cstdint>


OCTET_NAMESPACE_BEGIN
namespace numerics {

/// A double whose operators round exactly once each (mul, add, sub, div of fp.hpp): formulas stay
/// readable.
struct exact {
  double v = 0;
  constexpr exact() = default;
  constexpr exact(double d) noexcept : v(d) {}  // NOLINT: implicit on purpose
  friend OCTET_ALWAYS_INLINE constexpr exact operator*(exact a, exact b) noexcept {
    return mul(a.v, b.v);
  }
  friend OCTET_ALWAYS_INLINE constexpr exact operator+(exact a, exact b) noexcept {
    return add(a.v, b.v);
  }
  friend OCTET_ALWAYS_INLINE constexpr exact operator-(exact a, exact b) noexcept {
    return sub(a.v, b.v);
  }
  friend OCTET_ALWAYS_INLINE constexpr exact operator/(exact a, exact b) noexcept {
    return div(a.v, b.v);
  }
  constexpr exact operator-() const noexcept { return -v; }
};

/// The unevaluated sum hi + lo, |lo| <= ulp(hi) / 2.
struct double_double {
  double hi = 0, lo = 0;
};

constexpr double_double two_sum(exact a, exact b) noexcept {
  const exact s = a + b, t = s - a;
  return {s.v, ((a - (s - t)) + (b - t)).v};
}
/// |a| >= |b| or a == 0.
constexpr double_double fast_two_sum(exact a, exact b) noexcept {
  const exact s = a + b;
  return {s.v, (b - (s - a)).v};
}
/// Veltkamp and Dekker: exact for |a|, |b| < 2^500 with a product above 2^-900.
constexpr double_double two_prod(exact a, exact b) noexcept {
  constexpr double splitter = 134217729.;  // 2^27 + 1
  const exact p = a * b, ta = a * splitter, tb = b * splitter;
  const exact ah = ta - (ta - a), al = a - ah, bh = tb - (tb - b), bl = b - bh;
  return {p.v, ((((ah * bh - p) + ah * bl) + al * bh) + al * bl).v};
}
constexpr double_double add(double_double a, double_double b) noexcept {
  const double_double s = two_sum(a.hi, b.hi);
  return fast_two_sum(s.hi, exact(s.lo) + (exact(a.lo) + b.lo));
}
constexpr double_double mul(double_double a, double_double b) noexcept {
  const double_double p = two_prod(a.hi, b.hi);
  return fast_two_sum(p.hi, exact(p.lo) + (exact(a.hi) * b.lo + exact(a.lo) * b.hi));
}
constexpr double_double div(double_double a, double_double b) noexcept {
  const exact q = exact(a.hi) / b.hi;
  const double_double p = mul(double_double{q.v, 0}, b), r = add(a, double_double{-p.hi, -p.lo});
  return fast_two_sum(q, exact(r.hi) / b.hi);
}
constexpr double_double neg(double_double a) noexcept { return {-a.hi, -a.lo}; }

namespace detail {

/// 2^k, -1022 <= k <= 1023.
constexpr double pow2(int k) noexcept {
  return std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52);
}
/// v * 2^k; overflows to infinity and underflows through the subnormals.
constexpr double scale(double v, int k) noexcept {
  const int e = static_cast<int>(std::bit_cast<std::uint64_t>(v) >> 52 & 2047);
  if (e == 2047 || v == 0) return v;
  if (e + k > 2046) return infinity_of<double>(is_negative(v));
  for (; k > 1023; k -= 1023) v = mul(v, pow2(1023));  // only from subnormals
  for (; k < -1022; k += 960) v = mul(v, pow2(-960));
  return mul(v, pow2(k));
}
struct mantissa_exponent {
  double m;
  int e;
};
/// v = m * 2^e, 1 <= m < 2, for finite v > 0.
constexpr mantissa_exponent split(double v) noexcept {
  int e = 0;
  if (v < pow2(-1022)) {
    v = mul(v, pow2(54));
    e = -54;
  }
  const auto b = std::bit_cast<std::uint64_t>(v);
  return {std::bit_cast<double>((b & 0xFFFFFFFFFFFFFu) | std::uint64_t{1023} << 52),
          e + static_cast<int>(b >> 52) - 1023};
}

/// c[0] + z * (c[1] + z * (c[2] + ...)).
template <std::size_t N> constexpr exact horner(exact z, const double (&c)[N]) noexcept {
  exact s = c[N - 1];
  for (std::size_t i = N - 1; i-- > 0;) s = c[i] + z * s;
  return s;
}

inline constexpr double log2_e = 0x1.71547652b82fep+0;
inline constexpr double ln2_hi = 0x1.62e42feep-1;  // 33 bits: k * ln2_hi is exact for |k| < 2^20
inline constexpr double ln2_lo =
    0x1.a39ef35793c76p-33;  // the next 53; what is missing is below 2^-86

struct reduced_exp {
  int k;
  double_double p;
};
/// exp(x) = 2^k * (1 + p), |p| < 0.42, for |x| < 2^20.
constexpr reduced_exp reduce_exp(double_double x) noexcept {
  const double kd = rint((exact(x.hi) * log2_e).v);
  const double_double low = two_prod(kd, ln2_lo),
                      a = two_sum(exact(x.hi) - exact(kd) * ln2_hi, -low.hi);
  const double_double r = fast_two_sum(a.hi, exact(a.lo) + (exact(x.lo) - low.lo));
  constexpr double c[] = {1. / 6,        1. / 24,        1. / 120,         1. / 720,
                          1. / 5040,     1. / 40320,     1. / 362880,      1. / 3628800,
                          1. / 39916800, 1. / 479001600, 1. / 6227020800., 1. / 87178291200.};
  const double_double square =
      two_prod(r.hi, r.hi);  // r^2 / 2 is kept exact, the cubic tail is below 2^-7
  const exact cubic = exact(square.hi) * r.hi * horner(r.hi, c);
  const double_double s = two_sum(r.hi, exact(square.hi) * 0.5);
  return {static_cast<int>(kd),
          fast_two_sum(s.hi, exact(s.lo) +
                                 (((exact(square.lo) * 0.5 + r.lo) + exact(r.lo) * r.hi) + cubic))};
}
/// exp(x), -680 <= x <= 709.
constexpr double_double exp_core(double_double x) noexcept {
  const reduced_exp e = reduce_exp(x);
  const double_double s = fast_two_sum(1., e.p.hi), t = fast_two_sum(s.hi, exact(s.lo) + e.p.lo);
  return {mul(t.hi, pow2(e.k)), mul(t.lo, pow2(e.k))};
}
/// exp(x) - 1, -680 <= x <= 709.
constexpr double_double expm1_core(double_double x) noexcept {
  const reduced_exp e = reduce_exp(x);
  if (e.k == 0) return e.p;
  return add(exp_core(x), double_double{-1., 0});
}
/// log(2^k * (1 + f)), -0.3 < f < 0.42.
constexpr double_double log_core(double_double f, int k) noexcept {
  constexpr double c[] = {1. / 3,  1. / 5,  1. / 7,  1. / 9,  1. / 11, 1. / 13,
                          1. / 15, 1. / 17, 1. / 19, 1. / 21, 1. / 23};
  const double_double s =
      div(f, add(double_double{2., 0}, f));  // log(1+f) = 2 atanh(f / (2+f)), |s| < 0.172
  const exact z = exact(s.hi) * s.hi, tail = exact(s.hi) * z * horner(z, c) * 2.;
  const double_double l = fast_two_sum(exact(s.hi) * 2., exact(s.lo) * 2. + tail);
  if (k == 0) return l;
  return add(add(double_double{mul(static_cast<double>(k), ln2_hi), 0},
                 double_double{mul(static_cast<double>(k), ln2_lo), 0}),
             l);
}
/// log of a finite positive sum.
constexpr double_double log_core(double_double x) noexcept {
  mantissa_exponent m = split(x.hi);
  if (m.m > 1.4142135623730951) {
    m.m = mul(m.m, 0.5);
    ++m.e;
  }
  return log_core(two_sum(sub(m.m, 1.), scale(x.lo, -m.e)), m.e);
}

/// 2/pi, 1280 bits after the binary point: enough for the largest double.
inline constexpr std::uint32_t two_over_pi[40] = {
    0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561,
    0xb7246e3a, 0x424dd2e0, 0x06492eea, 0x09d1921c, 0xfe1deb1c, 0xb129a73e, 0xe88235f5, 0x2ebb4484,
    0xe99c7026, 0xb45f7e41, 0x3991d639, 0x835339f4, 0x9c845f8b, 0xbdf9283b, 0x1ff897ff, 0xde05980f,
    0xef2f118b, 0x5a0a6d1f, 0x6d367ecf, 0x27cb09b7, 0x4f463f66, 0x9e5fea2d, 0x7527bac7, 0xebe5f17b,
    0x3d0739f7, 0x8a5292ea, 0x6bfb5fb1, 0x1f8d5d08, 0x56033046, 0xfc7b6bab, 0xf0cfbc20, 0x9af4361d};

struct reduced_angle {
  unsigned quadrant;
  double_double r;
};
/// x = quadrant * pi/2 + r (mod 2 pi), |r| <= pi/4, for finite x >= 0. Payne and Hanek: x * 2/pi
/// modulo 4 in integers, 190 bits of fraction.
constexpr reduced_angle reduce_angle(double x) noexcept {
  if (x <= 0.78539816339744828) return {0, {x, 0}};
  const auto b = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t m = (b & 0xFFFFFFFFFFFFFu) | std::uint64_t{1} << 52;
  const int e = static_cast<int>(b >> 52) - 1075;  // x = m * 2^e
  const int skip = e >= 2 ? e - 2 : 0;  // leading bits of 2/pi that only give multiples of 4
  std::uint32_t w[6] = {};              // 192 bits of 2/pi from there, least significant limb first
  for (int i = 0; i < 6; ++i) {
    const int at = skip + 32 * (5 - i), word = at / 32, bit = at % 32;
    const std::uint64_t two =
        std::uint64_t{two_over_pi[word]} << 32 | (word + 1 < 40 ? two_over_pi[word + 1] : 0);
    w[i] = static_cast<std::uint32_t>(two >> (32 - bit));
  }
  std::uint32_t p[8] = {};
  for (int j = 0; j < 2; ++j) {
    const std::uint64_t f = j == 0 ? m & 0xFFFFFFFFu : m >> 32;
    std::uint64_t carry = 0;
    for (int i = 0; i < 6; ++i) {
      carry += f * w[i] + p[i + j];
      p[i + j] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    p[6 + j] = static_cast<std::uint32_t>(carry);
  }
  const int shift = e >= 2 ? 0 : 2 - e;  // at most 55: brings the binary point to bit 190
  std::uint32_t q[7] = {};
  for (int i = 0; i < 7; ++i) {
    const int at = i + shift / 32;
    const std::uint64_t two =
        (at + 1 < 8 ? std::uint64_t{p[at + 1]} : 0) << 32 | (at < 8 ? p[at] : 0);
    q[i] = static_cast<std::uint32_t>(two >> shift % 32);
  }
  unsigned quadrant = q[5] >> 30;
  q[5] &= 0x3FFFFFFFu;
  const bool negative = q[5] >> 29 != 0;  // fraction >= 1/2: the next quadrant, from below
  if (negative) {
    quadrant = (quadrant + 1) & 3;
    std::uint64_t carry = 1;
    for (int i = 0; i < 6; ++i) {
      carry += static_cast<std::uint32_t>(~q[i]);
      q[i] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    q[5] &= 0x3FFFFFFFu;
  }
  double_double f{};  // the fraction: three pieces of 53 bits suffice after any cancellation
  double unit = pow2(2);
  for (int i = 5; i >= 0; --i) {
    unit = mul(unit, pow2(-32));
    f = add(f, double_double{mul(static_cast<double>(q[i]), unit), 0});
  }
  const double_double r = mul(f, double_double{0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54});
  return {quadrant, negative ? neg(r) : r};
}
/// |r| <= pi/4.
constexpr double_double sin_core(double_double r) noexcept {
  constexpr double c[] = {
      1. / 120,         -1. / 5040,           1. / 362880,           -1. / 39916800,
      1. / 6227020800., -1. / 1307674368000., 1. / 355687428096000., -1. / 121645100408832000.};
  const double_double z = two_prod(r.hi, r.hi), cube = mul(z, double_double{r.hi, 0});
  const double_double third = div(cube, double_double{-6., 0});
  const exact rest =
      exact(cube.hi) * z.hi * horner(z.hi, c) + exact(r.lo) * (exact(1.) - exact(z.hi) * 0.5);
  const double_double s = fast_two_sum(r.hi, third.hi);
  return fast_two_sum(s.hi, exact(s.lo) + (exact(third.lo) + rest));
}
constexpr double_double cos_core(double_double r) noexcept {
  constexpr double c[] = {1. / 24,
                          -1. / 720,
                          1. / 40320,
                          -1. / 3628800,
                          1. / 479001600,
                          -1. / 87178291200.,
                          1. / 20922789888000.,
                          -1. / 6402373705728000.,
                          1. / 2432902008176640000.};
  const double_double z = two_prod(r.hi, r.hi), s = fast_two_sum(1., exact(z.hi) * -0.5);
  const exact rest =
      exact(z.hi) * z.hi * horner(z.hi, c) - (exact(z.lo) * 0.5 + exact(r.hi) * r.lo);
  return fast_two_sum(s.hi, exact(s.lo) + rest);
}

/// sqrt(m) to 53 bits by Newton, then the exact residual: correctly rounded in .hi, 106 bits in
/// all. 1 <= m < 4.
constexpr double_double sqrt_core(double m) noexcept {
  exact y = exact(m) * 0.35 + 0.7;
  for (int i = 0; i < 5; ++i) y = (y + exact(m) / y) * 0.5;
  constexpr double ulp = 0x1p-52;
  double_double p = two_prod(y, y);
  exact r = (exact(m) - p.hi) - p.lo;  // m - y^2, exact
  if (r.v > mul(y.v, ulp))
    y = y + ulp;
  else if (r.v <= -mul(y.v, ulp))
    y = y - ulp;
  p = two_prod(y, y);
  r = (exact(m) - p.hi) - p.lo;
  return {y.v, (r / (y * 2.)).v};
}
constexpr double_double sqrt_scaled(double v, int& exponent) noexcept {
  mantissa_exponent m = split(v);
  if (m.e & 1) {
    m.m = mul(m.m, 2.);
    --m.e;
  }
  exponent = m.e / 2;
  return sqrt_core(m.m);
}

/// erfc(x), 2.25 <= x < 26, by its continued fraction, from the inside: x + (n/2) / (x + ...).
constexpr double erfc_tail(double x) noexcept {
  const double_double e = exp_core(neg(two_prod(x, x)));
  exact f = x;
  for (int n = 60; n > 0; --n) f = exact(x) + exact(mul(static_cast<double>(n), 0.5)) / f;
  return (exact(e.hi) * 0x1.20dd750429b6dp-1 / f).v;
}
/// erf(x), 0 <= x < 6.
constexpr double_double erf_core(double x) noexcept {
  const double_double square = two_prod(x, x), e = exp_core(neg(square));
  constexpr double_double two_over_sqrt_pi{0x1.20dd750429b6dp+0, 0x1.1ae3a914fed80p-56};
  if (x < 2.25) {  // 2/sqrt(pi) e^(-x^2) sum 2^n x^(2n+1) / (2n+1)!!: all terms positive
    const exact z = exact(square.hi) * 2.;
    exact term = z / 3., sum = term;
    for (int n = 2; n < 48; ++n) {
      term = term * z / static_cast<double>(2 * n + 1);
      sum = sum + term;
    }
    return mul(mul(double_double{x, 0}, mul(two_over_sqrt_pi, e)), two_sum(1., sum));
  }
  return two_sum(1., -erfc_tail(x));
}

/// hi + lo rounded once to binary32: round to odd at 53 bits first, so that the second rounding
/// sees every tie as it is.
constexpr float to_f32(double_double v) noexcept {
  auto b = std::bit_cast<std::uint64_t>(v.hi);
  if (v.lo != 0 && v.hi != 0) {
    if (is_negative(v.lo) != is_negative(v.hi)) --b;
    b |= 1;
  }
  const double t = std::bit_cast<double>(b), a = with_sign(t, 0.);
  if (a >= 0x1.ffffffp+127)
    return infinity_of<float>(
        is_negative(t));  // constant evaluation refuses a conversion that overflows
  return static_cast<float>(t);
}
constexpr double to_f64(double_double v) noexcept { return add(v.hi, v.lo); }

// The functions on whole ranges. Results outside the cores' ranges that binary32 cannot tell from
// 0, 1 or infinity are returned as such.
constexpr double_double exp(double x) noexcept {
  if (is_nan(x)) return {x, 0};
  if (x > 709.7827128933841) return {infinity_of<double>(), 0};
  if (x < -745.2) return {0, 0};
  if (x > 709 || x < -680) {  // near overflow and underflow the second half of the sum does not fit
    const reduced_exp e = reduce_exp({x, 0});
    return {scale(to_f64(add(double_double{1., 0}, e.p)), e.k), 0};
  }
  return exp_core({x, 0});
}
constexpr double_double expm1(double x) noexcept {
  if (is_nan(x)) return {x, 0};
  if (x > 700) return exp(x);
  if (x < -60) return {-1., 0x1p-60};
  if (with_sign(x, 0.) < 0x1p-300) return {x, 0};
  return expm1_core({x, 0});
}
constexpr double_double log(double x) noexcept {
  if (is_nan(x)) return {x, 0};
  if (x == 0) return {infinity_of<double>(true), 0};
  if (is_negative(x)) return {nan_of<double>(), 0};
  if (is_infinite(x)) return {x, 0};
  return log_core(double_double{x, 0});
}
constexpr double_double log1p(double x) noexcept {
  if (is_nan(x)) return {x, 0};
  if (x == -1) return {infinity_of<double>(true), 0};
  if (x < -1) return {nan_of<double>(), 0};
  if (is_infinite(x) || with_sign(x, 0.) < 0x1p-300) return {x, 0};
  if (x > -0.25 && x < 0.4) return log_core({x, 0}, 0);
  return log_core(two_sum(1., x));
}
constexpr double_double tanh(double x) noexcept {
  const double a = with_sign(x, 0.);
  if (is_nan(x) || a < 0x1p-300) return {x, 0};
  const double_double e = a > 22 ? double_double{} : expm1_core({mul(a, 2.), 0});
  const double_double t =
      a > 22 ? double_double{1., -0x1p-60} : div(e, add(e, double_double{2., 0}));
  return is_negative(x) ? neg(t) : t;
}
constexpr double_double logistic(double x) noexcept {
  if (is_nan(x)) return {x, 0};
  if (x > 60) return {1., -0x1p-60};
  if (x < -680) return exp(x);  // 1 + exp(x) is 1 in any precision here
  const double_double e = exp_core({-with_sign(x, 0.), 0}), d = add(double_double{1., 0}, e);
  return is_negative(x) ? div(e, d) : div(double_double{1., 0}, d);
}
constexpr double_double sin(double x) noexcept {
  const double a = with_sign(x, 0.);
  if (is_nan(x) || is_infinite(x)) return {nan_of<double>(), 0};
  if (a < 0x1p-200) return {x, 0};
  const reduced_angle r = reduce_angle(a);
  const double_double s = r.quadrant & 1 ? cos_core(r.r) : sin_core(r.r);
  return ((r.quadrant & 2) != 0) != is_negative(x) ? neg(s) : s;
}
constexpr double_double cos(double x) noexcept {
  const double a = with_sign(x, 0.);
  if (is_nan(x) || is_infinite(x)) return {nan_of<double>(), 0};
  if (a < 0x1p-200) return {1., 0};
  const reduced_angle r = reduce_angle(a);
  const double_double s = r.quadrant & 1 ? sin_core(r.r) : cos_core(r.r);
  return ((r.quadrant + 1) & 2) != 0 ? neg(s) : s;
}
constexpr double_double erf(double x) noexcept {
  const double a = with_sign(x, 0.);
  if (is_nan(x)) return {x, 0};
  const double_double t = a >= 6         ? double_double{1., -0x1p-60}
                          : a < 0x1p-200 ? double_double{(exact(a) * 0x1.20dd750429b6dp+0).v, 0}
                                         : erf_core(a);
  return is_negative(x) ? neg(t) : t;
}
/// 1 - erf(x) without the cancellation: relative error below 2^-40.
constexpr double_double erfc(double x) noexcept {
  if (is_nan(x)) return {x, 0};
  if (x < 2.25) return add(double_double{1., 0}, neg(erf(x)));
  return {x > 26 ? 0. : erfc_tail(x), 0};
}
constexpr bool is_integer(double v) noexcept { return !is_infinite(v) && trunc(v) == v; }
constexpr bool is_odd(double v) noexcept {
  return is_integer(v) && with_sign(v, 0.) < 9007199254740992. &&
         (static_cast<std::int64_t>(v) & 1) != 0;
}
constexpr double_double pow(double x, double y) noexcept {
  if (y == 0 || (x == 1 && !is_nan(x))) return {1., 0};
  if (is_nan(x) || is_nan(y)) return {nan_of<double>(), 0};
  const double a = with_sign(x, 0.);
  const bool negative = is_negative(x) && is_odd(y);
  if (is_infinite(y))
    return {a == 1 ? 1. : (a > 1) != is_negative(y) ? infinity_of<double>() : 0., 0};
  if (a == 0 || is_infinite(a)) {
    const double r = (a == 0) != is_negative(y) ? 0. : infinity_of<double>();
    return {negative ? -r : r, 0};
  }
  if (is_negative(x) && !is_integer(y)) return {nan_of<double>(), 0};
  const double_double l = log_core(double_double{a, 0});
  double_double r{};
  if (with_sign(y, 0.) > 0x1p400 || with_sign(y, 0.) < 0x1p-400) {
    r = with_sign(y, 0.) < 1 || l.hi == 0
            ? double_double{1., 0}
            : double_double{is_negative(l.hi) != is_negative(y) ? 0. : infinity_of<double>(), 0};
  } else {
    const double_double p = mul(double_double{y, 0}, l);
    r = p.hi > -680 && p.hi < 709 ? exp_core(p) : exp(p.hi);
  }
  return negative ? neg(r) : r;
}

}  // namespace detail

/// Names of the functions: double -> double, error below one ulp (2^-52); pow and erf below 2^-48,
/// erfc 2^-40. NaN gives NaN.
constexpr double exp(double x) noexcept { return detail::to_f64(detail::exp(x)); }
constexpr double expm1(double x) noexcept { return detail::to_f64(detail::expm1(x)); }
constexpr double log(double x) noexcept { return detail::to_f64(detail::log(x)); }
constexpr double log1p(double x) noexcept { return detail::to_f64(detail::log1p(x)); }
constexpr double tanh(double x) noexcept { return detail::to_f64(detail::tanh(x)); }
constexpr double logistic(double x) noexcept { return detail::to_f64(detail::logistic(x)); }
constexpr double sin(double x) noexcept { return detail::to_f64(detail::sin(x)); }
constexpr double cos(double x) noexcept { return detail::to_f64(detail::cos(x)); }
constexpr double erf(double x) noexcept { return detail::to_f64(detail::erf(x)); }
constexpr double erfc(double x) noexcept { return detail::to_f64(detail::erfc(x)); }
constexpr double pow(double x, double y) noexcept { return detail::to_f64(detail::pow(x, y)); }
/// Correctly rounded. Negative numbers give NaN, -0 gives -0.
constexpr double sqrt(double x) noexcept {
  if (is_nan(x) || x == 0) return x;
  if (is_negative(x)) return nan_of<double>();
  if (is_infinite(x)) return x;
  int e = 0;
  const double_double r = detail::sqrt_scaled(x, e);
  return detail::scale(r.hi, e);
}
/// 1 / sqrt(x), +-0 give infinities of their sign.
constexpr double rsqrt(double x) noexcept {
  if (is_nan(x)) return x;
  if (x == 0) return infinity_of<double>(is_negative(x));
  if (is_negative(x)) return nan_of<double>();
  if (is_infinite(x)) return 0;
  int e = 0;
  const double_double r = detail::sqrt_scaled(x, e);
  return detail::scale(detail::to_f64(div(double_double{1., 0}, r)), -e);
}

/// The same, rounded once to binary32 from the double-double.
constexpr float exp_f32(float x) noexcept {
  return detail::to_f32(detail::exp(static_cast<double>(x)));
}
constexpr float expm1_f32(float x) noexcept {
  return detail::to_f32(detail::expm1(static_cast<double>(x)));
}
constexpr float log_f32(float x) noexcept {
  return detail::to_f32(detail::log(static_cast<double>(x)));
}
constexpr float log1p_f32(float x) noexcept {
  return detail::to_f32(detail::log1p(static_cast<double>(x)));
}
constexpr float tanh_f32(float x) noexcept {
  return detail::to_f32(detail::tanh(static_cast<double>(x)));
}
constexpr float logistic_f32(float x) noexcept {
  return detail::to_f32(detail::logistic(static_cast<double>(x)));
}
constexpr float sin_f32(float x) noexcept {
  return detail::to_f32(detail::sin(static_cast<double>(x)));
}
constexpr float cos_f32(float x) noexcept {
  return detail::to_f32(detail::cos(static_cast<double>(x)));
}
constexpr float erf_f32(float x) noexcept {
  return detail::to_f32(detail::erf(static_cast<double>(x)));
}
constexpr float erfc_f32(float x) noexcept {
  return detail::to_f32(detail::erfc(static_cast<double>(x)));
}
constexpr float pow_f32(float x, float y) noexcept {
  return detail::to_f32(detail::pow(static_cast<double>(x), static_cast<double>(y)));
}
constexpr float sqrt_f32(float x) noexcept {
  return static_cast<float>(sqrt(static_cast<double>(x)));
}  // two roundings, innocuous: 53 >= 2 * 24 + 2
constexpr float rsqrt_f32(float x) noexcept {
  return static_cast<float>(rsqrt(static_cast<double>(x)));
}

}  // namespace numerics
OCTET_NAMESPACE_END

// ---- octet/numerics/fixed_point.hpp
// Fixed-point functions and tables of TFLite's integer kernels, constexpr: gemmlowp's exp,
// reciprocal, logistic and tanh on int32 and int16, the 513-entry table of the int16 operators, the
// sigmoid table of int16 LOGISTIC and TANH. Formulas: docs/numerics.md.

#include <array>
#include <bit>
#include <cstdint>
#include <limits>


OCTET_NAMESPACE_BEGIN
namespace numerics {

/// Qi.f on a raw integer of type T (int32 or int16): i integer bits, f = 31 - i or 15 - i fraction
/// bits, real value raw / 2^f. The number of integer bits is an argument: softmax uses 5 and 0, an
/// LSTM cell 3 or what its scale says.
template <class T> struct fixed_point {
  static_assert(std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::int16_t>);
  static constexpr int bits = sizeof(T) == 4 ? 31 : 15;
  static constexpr T highest = std::numeric_limits<T>::max(),
                     lowest = std::numeric_limits<T>::min();

  /// A constant given for 31 bits, in this type (15 bits: rounded, ties away).
  static constexpr T constant(std::int32_t for31) noexcept {
    return sizeof(T) == 4 ? static_cast<T>(for31)
                          : static_cast<T>(numerics::rounding_shift_half_away(for31, 16));
  }
  /// 2^e of the 31-bit form.
  static constexpr T power(int e31) noexcept {
    return static_cast<T>(std::int32_t{1} << (e31 - (31 - bits)));
  }

  // Sums wrap. Unsigned arithmetic: signed overflow is undefined.
  static constexpr T wrap(std::int64_t v) noexcept {
    return static_cast<T>(static_cast<std::make_unsigned_t<T>>(static_cast<std::uint64_t>(v)));
  }
  static constexpr T add(T a, T b) noexcept { return wrap(std::int64_t{a} + b); }
  static constexpr T sub(T a, T b) noexcept { return wrap(std::int64_t{a} - b); }
  /// floor((a*b + 2^(bits-1)) / 2^bits), lowest * lowest saturates.
  static constexpr T mul(T a, T b) noexcept {
    if (a == lowest && b == lowest) return highest;
    return static_cast<T>((std::int64_t{a} * b + (std::int64_t{1} << (bits - 1))) >> bits);
  }
  /// x / 2^e, ties away from zero.
  static constexpr T rounding_shift_half_away(T x, int e) noexcept {
    return static_cast<T>(numerics::rounding_shift_half_away(x, e));
  }
  /// x * 2^e, saturating.
  static constexpr T shl(T x, int e) noexcept {
    if (e == 0) return x;
    const std::int64_t t = (std::int64_t{1} << (bits - e)) - 1;
    return x > t    ? highest
           : x < -t ? lowest
                    : static_cast<T>(std::int64_t{x} * (std::int64_t{1} << e));
  }
  /// (a + b) / 2, halves away from zero.
  static constexpr T half_sum(T a, T b) noexcept {
    const std::int64_t s = std::int64_t{a} + b;
    return static_cast<T>((s + (s >= 0 ? 1 : -1)) / 2);
  }

  /// exp(a) for a in [-1/4, 0), a in Q0: Taylor to the fourth order around -1/8.
  static constexpr T exp_interval(T a) noexcept {
    constexpr T c = constant(1895147668), third = constant(715827883);  // exp(-1/8), 1/3
    const T x = add(a, power(28)), x2 = mul(x, x), x3 = mul(x2, x), x4 = mul(x2, x2);
    const T p =
        rounding_shift_half_away(add(mul(add(rounding_shift_half_away(x4, 2), x3), third), x2), 1);
    const T tail = mul(c, add(x, p));
    if constexpr (sizeof(T) == 2)
      return static_cast<T>(clamp<std::int32_t>(c + tail, lowest, highest));
    else
      return add(c, tail);
  }
  /// exp(a), a <= 0 with `integer_bits` integer bits; the result is in Q0 (a == 0 gives its largest
  /// value).
  static constexpr T exp_negative(T a, int integer_bits) noexcept {
    if (a == 0) return highest;
    const int f = bits - integer_bits;
    if (integer_bits > 5 && a < -(std::int64_t{1} << (f + 5))) return 0;
    const T quarter = static_cast<T>(std::int32_t{1} << (f - 2));
    const T mask = static_cast<T>(quarter - 1), modulo = static_cast<T>((a & mask) - quarter);
    T r = exp_interval(shl(modulo, integer_bits));
    const std::int32_t rest = modulo - a;
    constexpr std::int32_t k[] = {1672461947, 1302514674, 790015084, 290630308,
                                  39332535,   720401,     242};  // exp(-2^e), e = -2..4
    for (int e = -2; e <= 4 && integer_bits > e; ++e)
      if (rest & (std::int32_t{1} << (f + e))) r = mul(r, constant(k[e + 2]));
    return r;
  }
  /// Newton on 1 / (1 + a), a in [0, 1) Q0; three steps, in Q2.
  static constexpr T reciprocal_q2(T a) noexcept {
    const T h = half_sum(a, highest);
    T x = add(constant(1515870810), mul(h, constant(-1010580540)));  // 48/17 - 32/17 h
    for (int i = 0; i < 3; ++i) x = add(x, shl(mul(x, sub(power(29), mul(h, x))), 2));
    return x;
  }
  /// 1 / (1 + a), a in [0, 1) Q0.
  static constexpr T reciprocal_of_one_plus(T a) noexcept { return shl(reciprocal_q2(a), 1); }
  /// (1 - a) / (1 + a), a in [0, 1) Q0.
  static constexpr T one_minus_over_one_plus(T a) noexcept {
    return shl(sub(reciprocal_q2(a), power(29)), 2);
  }

  static constexpr T negative_absolute(T a) noexcept { return a > 0 ? static_cast<T>(-a) : a; }
  /// 1 / (1 + exp(-a)) in Q0.
  static constexpr T logistic(T a, int integer_bits) noexcept {
    if (a == 0) return power(30);
    const T t = reciprocal_of_one_plus(exp_negative(negative_absolute(a), integer_bits));
    return a > 0 ? t : sub(highest, t);
  }
  /// tanh(a) in Q0: exp(-2|a|) is exp of the same raw value with one integer bit more.
  static constexpr T tanh(T a, int integer_bits) noexcept {
    if (a == 0) return 0;
    const T t = one_minus_over_one_plus(exp_negative(negative_absolute(a), integer_bits + 1));
    return a < 0 ? static_cast<T>(-t) : t;
  }
};
using fixed32 = fixed_point<std::int32_t>;
using fixed16 = fixed_point<std::int16_t>;

/// 1 / sqrt(x) of a positive integer as m * 2^(shift - 31): TFLite's five Newton steps in Q3.28
/// from the guess 1. x <= 1 gives (2^31 - 1, 0).
constexpr multiplier reciprocal_sqrt(std::int32_t x) noexcept {
  if (x <= 1) return {fixed32::highest, 0};
  int right = 11;
  for (; x >= 1 << 29; x /= 4) ++right;
  const int pairs = (std::countl_zero(static_cast<std::uint32_t>(x)) - 1) / 2 - 1;
  right -= pairs;
  x <<= 2 * pairs;
  const std::int32_t input = x >> 1, half_input = fixed32::rounding_shift_half_away(input, 1),
                     half_three = 3 << 27;
  std::int32_t y = 1 << 28;
  for (int i = 0; i < 5; ++i) {
    const std::int32_t cube = fixed32::shl(fixed32::mul(fixed32::mul(y, y), y), 6);
    y = fixed32::shl(fixed32::sub(fixed32::mul(half_three, y), fixed32::mul(half_input, cube)), 3);
  }
  y = fixed32::mul(y, 1518500250);  // sqrt(2) / 2
  return right < 0 ? multiplier{shl_wrap(y, -right), 0} : multiplier{y, -right};
}

/// Natural logarithm of a value >= 1 with `in_bits` integer bits, in a form with `out_bits` integer
/// bits: TFLite's rational approximation.
constexpr std::int32_t fixed_log(std::int32_t x, int in_bits, int out_bits) noexcept {
  using q = fixed32;
  constexpr std::int32_t log_2 = 1488522236, sqrt_sqrt_half = 1805811301, sqrt_half = 1518500250,
                         quarter = 1 << 29;
  constexpr std::int32_t alpha_n = 117049297, alpha_d = 127690142, alpha_i = 1057819769,
                         alpha_f = 638450708;
  const int wide = out_bits + 1;  // one bit of headroom for the sum
  const auto saturate = [](std::int64_t v) {
    return static_cast<std::int32_t>(clamp<std::int64_t>(v, q::lowest, q::highest));
  };
  const auto scale = [](std::int32_t v, int e) {
    return e >= 0 ? q::shl(v, e) : q::rounding_shift_half_away(v, -e);
  };
  const std::int32_t shifted_quarter = scale(quarter, -wide);
  const int a_room = std::countl_zero(static_cast<std::uint32_t>(x));
  const std::int32_t r_a = scale(q::mul(scale(x, a_room - 1), sqrt_half), 1);
  const std::int32_t a_power =
      saturate(std::int64_t{scale(in_bits - a_room, 31 - wide)} + shifted_quarter);
  const std::int32_t b = q::mul(x, sqrt_half);
  const int b_room = std::countl_zero(static_cast<std::uint32_t>(b)) - 1;
  const std::int32_t r_b = scale(x, b_room);
  const std::int32_t b_power =
      saturate(std::int64_t{scale(in_bits - b_room, 31 - wide)} - shifted_quarter);
  const std::int32_t r = r_a < r_b ? r_a : r_b, power = a_power > b_power ? a_power : b_power;
  const std::int32_t p = q::half_sum(r, sqrt_sqrt_half), half = q::sub(r, sqrt_sqrt_half),
                     t = q::add(half, half), square = q::mul(t, t);
  const std::int32_t num = q::add(q::mul(t, r), q::mul(q::mul(t, square), alpha_n));
  const std::int32_t denominator =
      q::add(q::mul(p, q::add(q::add(alpha_i, t), q::mul(alpha_d, square))), q::mul(alpha_f, t));
  const std::int32_t sum = q::add(
      q::mul(power, log_2), q::mul(scale(num, -wide), q::reciprocal_of_one_plus(denominator)));
  return q::shl(sum, 1);
}

/// The 513-entry, piecewise linear table of TFLite's int16 operators: value at the 512 grid points
/// and the end, corrected by half of the error in the middle of each interval.
using lut16 = std::array<std::int16_t, 513>;
/// f: T -> T on an input of scale and zero point to an output of scale and zero point, all in T's
/// arithmetic: float in most operators, double in softmax. The zero point of the output shifts only
/// the range, not the values, as in the framework (int16 outputs have none).
template <class T, class F>
constexpr void make_lut16(F&& f, T in_scale, std::int32_t in_zero_point, T out_scale,
                          std::int32_t out_zero_point, std::int16_t* to) noexcept {
  const auto real = [](T s, std::int32_t q, std::int32_t z) {
    return mul(s, static_cast<T>(q - z));
  };
  const T lo = real(in_scale, -32768, in_zero_point), hi = real(in_scale, 32767, in_zero_point);
  const T step = div(sub(hi, lo), T(512)), half = div(step, T(2));
  const T gain = div(T(65536), sub(real(out_scale, 32767, out_zero_point),
                                   real(out_scale, -32768, out_zero_point)));
  for (int i = 0; i < 512; ++i) {
    const T at = add(lo, mul(static_cast<T>(i), step));
    const T value = round_half_away(mul(f(at), gain)),
            middle = round_half_away(mul(f(add(at, half)), gain));
    const T interpolated = round_half_away(
        div(add(mul(f(add(lo, mul(static_cast<T>(i + 1), step))), gain), value), T(2)));
    const T bias = round_half_away(div(sub(interpolated, middle), T(2)));
    to[i] = static_cast<std::int16_t>(
        clamp_to_int(static_cast<double>(sub(value, bias)), -32768, 32767));
  }
  to[512] = static_cast<std::int16_t>(
      clamp_to_int(static_cast<double>(round_half_away(mul(f(hi), gain))), -32768, 32767));
}
/// Interpolated value of the table for v.
constexpr std::int16_t lookup(const std::int16_t* table, std::int16_t v) noexcept {
  const int i = 256 + (v >> 7), base = table[i], slope = table[i + 1] - base;
  return static_cast<std::int16_t>(base + ((slope * (v & 127) + 64) >> 7));
}

/// The sigmoid table of TFLite's int16 LOGISTIC and TANH: min(65535, floor(65536 * logistic(i / 24)
/// + 0.5)), and one more for i = 4, 8, 12, 14..17, 19..22, 25, 27..31, 33..35, 37, 39..41, 43..46,
/// 49, 50, 54, 62..64, 66, 82, 86, 93, 100, 103, 112, 116, 135: the framework's table was made with
/// less precision than that rounding. Written out (computing it costs every including file 0.15 s);
/// the tests compare it with this formula.
inline constexpr std::array<std::uint16_t, 256> sigmoid_table = {
    32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149, 40794,
    41432, 42064, 42688, 43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369, 47911, 48443,
    48964, 49475, 49975, 50464, 50942, 51409, 51865, 52311, 52745, 53169, 53581, 53983, 54374,
    54755, 55125, 55485, 55834, 56174, 56503, 56823, 57133, 57433, 57724, 58007, 58280, 58544,
    58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370, 60565, 60753, 60935, 61110, 61279,
    61441, 61599, 61750, 61896, 62036, 62172, 62302, 62428, 62549, 62666, 62778, 62886, 62990,
    63090, 63186, 63279, 63368, 63454, 63536, 63615, 63691, 63765, 63835, 63903, 63968, 64030,
    64090, 64148, 64204, 64257, 64308, 64357, 64405, 64450, 64494, 64536, 64576, 64614, 64652,
    64687, 64721, 64754, 64786, 64816, 64845, 64873, 64900, 64926, 64950, 64974, 64997, 65019,
    65039, 65060, 65079, 65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208, 65221, 65234,
    65246, 65258, 65269, 65280, 65291, 65301, 65310, 65319, 65328, 65337, 65345, 65352, 65360,
    65367, 65374, 65381, 65387, 65393, 65399, 65404, 65410, 65415, 65420, 65425, 65429, 65433,
    65438, 65442, 65445, 65449, 65453, 65456, 65459, 65462, 65465, 65468, 65471, 65474, 65476,
    65479, 65481, 65483, 65485, 65488, 65489, 65491, 65493, 65495, 65497, 65498, 65500, 65501,
    65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513, 65514, 65515, 65516,
    65517, 65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524,
    65525, 65525, 65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529, 65529,
    65529, 65530, 65530, 65530, 65530, 65531, 65531, 65531, 65531, 65531, 65532, 65532, 65532,
    65532, 65532, 65532, 65533, 65533, 65533, 65533, 65533, 65533, 65533, 65533, 65534, 65534,
    65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65535};

/// How int16 LOGISTIC and TANH bring an input to the table's Q3.12 with a factor 3: (x * multiplier
/// + half) >> shift, or x * 3 << shift.
struct sigmoid_input {
  std::int32_t multiplier = 0;  // 0: the input scale is a power of two that needs only `left_shift`
  std::int32_t shift = 0;
  constexpr std::int32_t operator()(std::int32_t x) const noexcept {
    if (multiplier == 0) return x * (3 << shift);
    // Beyond 2^17 the functions are flat: cutting at 2^30 only keeps huge scales from overflowing.
    const std::int64_t v =
        (std::int64_t{x} * multiplier + (shift > 0 ? std::int64_t{1} << (shift - 1) : 0)) >> shift;
    return static_cast<std::int32_t>(clamp<std::int64_t>(v, -(1 << 30), 1 << 30));
  }
};
/// From the input scale. `tanh`: two powers of two are exact there, one for the logistic function.
constexpr sigmoid_input sigmoid_input_for(double scale, bool tanh) noexcept {
  const detail::mantissa_exponent me = detail::split(scale);
  if (me.m == 1) {
    const int left = 12 + me.e;
    if (left == 0 || (tanh && left == 1)) return {0, left};
  }
  exact m = exact(scale) * 4096. * 3.;
  sigmoid_input s;
  while (m.v <= 16383.5 && s.shift <= 30) {
    m = m * 2.;
    ++s.shift;
  }
  s.multiplier =
      static_cast<std::int32_t>(clamp_to_int(m.v, 0, std::numeric_limits<std::int32_t>::max()));
  return s;
}
/// v = 3 * 4096 * real input; the result is in Q0.15.
constexpr std::int16_t logistic_q15(std::int32_t v) noexcept {
  const std::uint32_t a = static_cast<std::uint32_t>(v < 0 ? -static_cast<std::int64_t>(v) : v),
                      u = a >> 9;
  const std::uint32_t r =
      u >= 255 ? 0x7FFFu << 10
               : (std::uint32_t{sigmoid_table[u]} << 9) +
                     (a & 511u) * (std::uint32_t{sigmoid_table[u + 1]} - sigmoid_table[u]);
  return static_cast<std::int16_t>((v >= 0 ? r + 512u : (1u << 25) - r + 511u) >> 10);
}
constexpr std::int16_t tanh_q15(std::int32_t v) noexcept {
  const std::uint32_t a = static_cast<std::uint32_t>(v < 0 ? -static_cast<std::int64_t>(v) : v),
                      u = a >> 8;
  const auto r = static_cast<std::int32_t>(
      u >= 255 ? 0xFFFFu << 8
               : (std::uint32_t{sigmoid_table[u]} << 8) +
                     (a & 255u) * (std::uint32_t{sigmoid_table[u + 1]} - sigmoid_table[u]));
  return static_cast<std::int16_t>((v >= 0 ? r - (1 << 23) + 128 : -r + (1 << 23) + 127) >> 8);
}

}  // namespace numerics
OCTET_NAMESPACE_END

// ---- octet/ops/reshape.hpp
// reshape, squeeze, expand_dims and identity: the same bytes under another shape.


OCTET_NAMESPACE_BEGIN

/// `to` may hold one -1, which takes what is left. A 0 is an extent of 0.
constexpr shape_or reshape_shape(const dims& x, dims to) {
  const std::size_t count = x.elements().value;
  int open = -1;
  std::size_t known = 1;
  for (int i = 0; i < to.rank; ++i) {
    if (to[i] == -1 && open < 0)
      open = i;
    else if (to[i] < 0)
      return violation{rule::value, x, to};
    else
      known = saturating_mul(known, static_cast<std::size_t>(to[i]));
  }
  if (open >= 0) {
    if (known == 0 || count % known != 0 || count / known > max_elements)
      return violation{rule::element_count, x, to};
    to[open] = static_cast<std::int32_t>(count / known);
    known *= count / known;
  }
  if (known != count) return violation{rule::element_count, x, to};
  return to;
}
/// Extents of 1 at `axes` (all of them where there are none) are dropped.
constexpr shape_or squeeze_shape(const dims& x, const dims& axes) {
  dims y;
  for (int i = 0; i < x.rank; ++i) {
    bool drop = axes.rank == 0 && x[i] == 1;
    for (std::int32_t a : axes) {
      if (a < -x.rank || a >= x.rank)
        return violation{rule::axis, dims{-x.rank, x.rank - 1}, dims{a}};
      if ((a < 0 ? a + x.rank : a) == i) {
        if (x[i] != 1) return violation{rule::value, dims{1}, dims{x[i]}};
        drop = true;
      }
    }
    if (!drop) y.push_back(x[i]);
  }
  return y;
}

namespace ops {
constexpr dims dims_attribute(const node_view& n, std::string_view key) {
  dims d;
  for (std::int64_t v : n.attrs->integers(key)) d.push_back(static_cast<std::int32_t>(v));
  return d;
}
constexpr status reshape_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, reshape_shape(n.in[0].shape, dims_attribute(n, "shape")));
}
constexpr status squeeze_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, squeeze_shape(n.in[0].shape, dims_attribute(n, "axes")));
}
constexpr status expand_dims_op_shape(const node_view& n, std::span<dims> out) {
  const dims& x = n.in[0].shape;
  const std::int64_t axis = n.attrs->integer("axis");
  if (x.rank >= dims::max_rank)
    return violation{rule::rank, dims{dims::max_rank - 1}, dims{x.rank}};
  if (axis < -x.rank - 1 || axis > x.rank)
    return violation{rule::axis, dims{-x.rank - 1, x.rank}, dims{static_cast<std::int32_t>(axis)}};
  const auto at = static_cast<std::int32_t>(axis < 0 ? axis + x.rank + 1 : axis);
  dims y;
  for (int i = 0; i <= x.rank; ++i) {
    if (i == at) y.push_back(1);
    if (i < x.rank) y.push_back(x[i]);
  }
  out[0] = y;
  return unit{};
}
constexpr status identity_op_shape(const node_view& n, std::span<dims> out) {
  out[0] = n.in[0].shape;
  return unit{};
}
constexpr void alias_memory(const node_view&, node_memory& to) { to.alias = true; }
/// Nothing to prepare: an alias.
inline status alias_prepare(const node_view&, prepared&) { return unit{}; }
inline constexpr op_def reshape{
    .name = "reshape",
    .summary = "the same elements under another shape",
    .forms = movement_forms,
    .shape = &reshape_op_shape,
    .memory = &alias_memory,
    .prepare = &alias_prepare,
};
inline constexpr op_def squeeze{
    .name = "squeeze",
    .summary = "without axes of extent 1",
    .forms = movement_forms,
    .shape = &squeeze_op_shape,
    .memory = &alias_memory,
    .prepare = &alias_prepare,
};
inline constexpr op_def expand_dims{
    .name = "expand_dims",
    .summary = "with an axis of extent 1",
    .forms = movement_forms,
    .shape = &expand_dims_op_shape,
    .memory = &alias_memory,
    .prepare = &alias_prepare,
};
inline constexpr op_def identity{
    .name = "identity",
    .summary = "the same tensor",
    .forms = movement_forms,
    .shape = &identity_op_shape,
    .memory = &alias_memory,
    .prepare = &alias_prepare,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/movement.hpp
// Pure data movement as one strided copy: transpose, slice, strided_slice, split, unpack, tile,
// reverse, broadcast_to, space_to_depth, depth_to_space, space_to_batch, batch_to_space.
// Quantization is that of the input, element for element.


OCTET_NAMESPACE_BEGIN

/// y[i0][i1]... = x[offset + i0 * stride0 + i1 * stride1 + ...], innermost axis last; strides may
/// be 0 or negative.
struct strided_copy {
  static constexpr std::size_t max_rank =
      2 * dims::max_rank + 2;  // tile and the block rearrangements split every axis in two
  std::size_t rank = 0, count = 1;
  std::array<std::int32_t, max_rank> extent{};
  std::array<std::int64_t, max_rank> stride{};
  std::int64_t offset = 0;

  /// Appends an inner axis; joins it with the one before where that is a full pass over it.
  constexpr void axis(std::int32_t n, std::int64_t step) {
    count = saturating_mul(count, n < 0 ? 0 : static_cast<std::size_t>(n));
    if (n == 1 || count > max_elements)
      return;  // too large: refused when the output's shape is checked
    if (rank > 0 && stride[rank - 1] == step * n) {
      extent[rank - 1] *= n;
      stride[rank - 1] = step;
      return;
    }
    extent[rank] = n;
    stride[rank++] = step;
  }
  /// All of the input in its own order.
  constexpr bool identity(std::size_t input_count) const {
    return offset == 0 && count == input_count && (rank == 0 || (rank == 1 && stride[0] == 1));
  }
};

struct movement_params {
  dtype type = dtype::u8;
  std::size_t outputs = 1;
  const strided_copy* copies = nullptr;  // one per output
};

namespace reference {
template <class T>
constexpr void copy_strided(const strided_copy& c, const T* x, T* y, std::size_t begin,
                            std::size_t end) {
  if (begin >= end) return;
  if (c.rank == 0) {
    y[0] = x[c.offset];
    return;
  }
  const std::size_t last = c.rank - 1;
  std::array<std::int32_t, strided_copy::max_rank> at{};
  std::int64_t from = c.offset;
  std::size_t rest = begin;
  for (std::size_t d = c.rank; d-- > 0;) {
    at[d] = static_cast<std::int32_t>(rest % static_cast<std::size_t>(c.extent[d]));
    rest /= static_cast<std::size_t>(c.extent[d]);
    from += at[d] * c.stride[d];
  }
  for (std::size_t i = begin; i < end;) {
    const std::size_t run = std::min(end - i, static_cast<std::size_t>(c.extent[last] - at[last]));
    if (c.stride[last] == 1) {
      std::copy_n(x + from, run, y + i);
    } else {
      for (std::size_t k = 0; k < run; ++k)
        y[i + k] = x[from + static_cast<std::int64_t>(k) * c.stride[last]];
    }
    i += run;
    from -= at[last] * c.stride[last];
    at[last] = 0;
    for (std::size_t d = last; d-- > 0;) {
      from += c.stride[d];
      if (++at[d] < c.extent[d]) break;
      from -= c.stride[d] * c.extent[d];
      at[d] = 0;
    }
  }
}
inline void movement_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const movement_params*>(a.params);
  with_size(p.type, [&]<class T>(type_tag<T>) {
    for (std::size_t o = 0; o < p.outputs; ++o) {
      if (!a.out[o]) continue;
      const auto r = part_of(p.copies[o].count, a.part, a.parts);
      copy_strided(p.copies[o], static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[o]), r.begin,
                   r.end);
    }
  });
}
}  // namespace reference

// ---- shapes and plans ----

/// Row-major strides of a shape.
constexpr std::array<std::int64_t, dims::max_rank> strides_of(const dims& x) {
  std::array<std::int64_t, dims::max_rank> s{};
  std::int64_t step = 1;
  for (int i = x.rank - 1; i >= 0; --i) {
    s[static_cast<std::size_t>(i)] = step;
    step *= x[i];
  }
  return s;
}
/// A shape with its copy, or a violation.
struct moved {
  dims shape{};
  strided_copy copy{};
  violation broken{};
  constexpr moved() = default;
  constexpr moved(violation v) : broken(v) {}  // NOLINT
};

constexpr moved move_transpose(const dims& x, const dims& perm) {
  if (perm.rank != x.rank) return violation{rule::rank, dims{x.rank}, dims{perm.rank}};
  const auto s = strides_of(x);
  moved m;
  std::array<bool, dims::max_rank> used{};
  for (std::int32_t p : perm) {
    if (p < 0) p += x.rank;
    if (p < 0 || p >= x.rank || used[static_cast<std::size_t>(p)])
      return violation{rule::axis, dims{0, x.rank - 1}, perm};
    used[static_cast<std::size_t>(p)] = true;
    m.shape.push_back(x[p]);
    m.copy.axis(x[p], s[static_cast<std::size_t>(p)]);
  }
  return m;
}
/// size -1: to the end.
constexpr moved move_slice(const dims& x, const dims& begin, const dims& size) {
  if (begin.rank != x.rank || size.rank != x.rank)
    return violation{rule::rank, dims{x.rank}, dims{begin.rank, size.rank}};
  const auto s = strides_of(x);
  moved m;
  for (int i = 0; i < x.rank; ++i) {
    const std::int64_t n = size[i] == -1 ? std::int64_t{x[i]} - begin[i] : size[i];
    if (begin[i] < 0 || n < 0 || begin[i] + n > x[i])
      return violation{rule::value, x, dims{begin[i], size[i]}};
    m.shape.push_back(static_cast<std::int32_t>(n));
    m.copy.axis(static_cast<std::int32_t>(n), s[static_cast<std::size_t>(i)]);
    m.copy.offset += begin[i] * s[static_cast<std::size_t>(i)];
  }
  return m;
}

struct strided_slice_attrs {
  dims begin{}, end{}, strides{};
  std::int32_t begin_mask = 0, end_mask = 0, ellipsis_mask = 0, new_axis_mask = 0,
               shrink_axis_mask = 0;  // bit i: position i of begin, end, strides
  static constexpr auto fields =
      std::tuple{field{"begin", &strided_slice_attrs::begin},
                 field{"end", &strided_slice_attrs::end},
                 field{"strides", &strided_slice_attrs::strides},
                 field{"begin_mask", &strided_slice_attrs::begin_mask},
                 field{"end_mask", &strided_slice_attrs::end_mask},
                 field{"ellipsis_mask", &strided_slice_attrs::ellipsis_mask},
                 field{"new_axis_mask", &strided_slice_attrs::new_axis_mask},
                 field{"shrink_axis_mask", &strided_slice_attrs::shrink_axis_mask}};
};
/// Python's slicing: negative positions count from the end, positions outside are clamped, shrink
/// drops the axis, new_axis adds one.
constexpr moved move_strided_slice(const dims& x, const strided_slice_attrs& a) {
  const int n = a.begin.rank;
  if (a.end.rank != n || a.strides.rank != n)
    return violation{rule::rank, dims{n}, dims{a.end.rank, a.strides.rank}};
  int added = 0, ellipses = 0;
  for (int i = 0; i < n; ++i) {
    if (a.ellipsis_mask >> i & 1)
      ++ellipses;
    else if (a.new_axis_mask >> i & 1)
      ++added;
  }
  const int consumed = n - added - ellipses;
  if (ellipses > 1 || consumed > x.rank || x.rank + added > dims::max_rank)
    return violation{rule::rank, x, dims{n}};
  const auto s = strides_of(x);
  moved m;
  int axis = 0;
  const auto keep = [&](int k) {
    m.shape.push_back(x[k]);
    m.copy.axis(x[k], s[static_cast<std::size_t>(k)]);
  };
  for (int i = 0; i < n; ++i) {
    if (a.ellipsis_mask >> i & 1) {
      for (int k = x.rank - consumed; k > 0; --k) keep(axis++);
      continue;
    }
    if (a.new_axis_mask >> i & 1) {
      m.shape.push_back(1);
      continue;
    }
    const std::int64_t extent = x[axis], step = a.strides[i];
    if (step == 0) return violation{rule::stride, dims{1}, dims{0}};
    const bool shrink = a.shrink_axis_mask >> i & 1;
    const auto position = [&](std::int64_t v) {
      if (v < 0) v += extent;
      const std::int64_t lo = step > 0 ? 0 : -1, hi = step > 0 ? extent : extent - 1;
      return v < lo ? lo : v > hi ? hi : v;
    };
    if (shrink) {
      const std::int64_t at = (a.begin_mask >> i & 1) ? 0
                              : a.begin[i] < 0        ? a.begin[i] + extent
                                                      : a.begin[i];
      if (at < 0 || at >= extent) return violation{rule::value, x, dims{a.begin[i]}};
      m.copy.offset += at * s[static_cast<std::size_t>(axis)];
    } else {
      const std::int64_t from =
          (a.begin_mask >> i & 1) ? (step > 0 ? 0 : extent - 1) : position(a.begin[i]);
      const std::int64_t to = (a.end_mask >> i & 1) ? (step > 0 ? extent : -1) : position(a.end[i]);
      const std::int64_t span = step > 0 ? to - from : from - to, pace = step > 0 ? step : -step;
      const std::int64_t count = span > 0 ? (span + pace - 1) / pace : 0;
      m.shape.push_back(static_cast<std::int32_t>(count));
      m.copy.axis(static_cast<std::int32_t>(count), s[static_cast<std::size_t>(axis)] * step);
      if (count > 0) m.copy.offset += from * s[static_cast<std::size_t>(axis)];
    }
    ++axis;
  }
  while (axis < x.rank) keep(axis++);
  return m;
}
constexpr moved move_tile(const dims& x, const dims& multiples) {
  if (multiples.rank != x.rank) return violation{rule::rank, dims{x.rank}, dims{multiples.rank}};
  const auto s = strides_of(x);
  moved m;
  for (int i = 0; i < x.rank; ++i) {
    if (multiples[i] < 0 || std::int64_t{multiples[i]} * x[i] > INT32_MAX)
      return violation{rule::value, x, multiples};
    m.shape.push_back(multiples[i] * x[i]);
    m.copy.axis(multiples[i], 0);
    m.copy.axis(x[i], s[static_cast<std::size_t>(i)]);
  }
  return m;
}
constexpr moved move_reverse(const dims& x, const dims& axes) {
  const auto s = strides_of(x);
  std::array<bool, dims::max_rank> turn{};
  for (std::int32_t a : axes) {
    if (a < -x.rank || a >= x.rank)
      return violation{rule::axis, dims{-x.rank, x.rank - 1}, dims{a}};
    turn[static_cast<std::size_t>(a < 0 ? a + x.rank : a)] = true;
  }
  moved m;
  m.shape = x;
  for (int i = 0; i < x.rank; ++i) {
    const std::int64_t step = s[static_cast<std::size_t>(i)];
    m.copy.axis(x[i], turn[static_cast<std::size_t>(i)] ? -step : step);
    if (turn[static_cast<std::size_t>(i)] && x[i] > 0) m.copy.offset += (x[i] - 1) * step;
  }
  return m;
}
constexpr moved move_broadcast(const dims& x, const dims& to) {
  const dims y = broadcast(x, to);
  if (y.rank < 0 || !(y == to)) return violation{rule::shapes_differ, to, x};
  const auto s = strides_of(x);
  moved m;
  m.shape = y;
  for (int i = 0; i < y.rank; ++i) {
    const int k = i - (y.rank - x.rank);
    m.copy.axis(y[i], k < 0 || x[k] == 1 ? 0 : s[static_cast<std::size_t>(k)]);
  }
  return m;
}
/// NHWC: y[n][h][w][(i * b + j) * C + c] = x[n][h * b + i][w * b + j][c].
constexpr moved move_space_to_depth(const dims& x, std::int32_t b) {
  if (x.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, x};
  if (b < 1 || x[1] % b != 0 || x[2] % b != 0 || std::int64_t{b} * b * x[3] > INT32_MAX)
    return violation{rule::value, dims{x[1], x[2]}, dims{b}};
  const auto s = strides_of(x);
  moved m;
  m.shape = dims{x[0], x[1] / b, x[2] / b, b * b * x[3]};
  m.copy.axis(x[0], s[0]);
  m.copy.axis(x[1] / b, s[1] * b);
  m.copy.axis(x[2] / b, s[2] * b);
  m.copy.axis(b, s[1]);
  m.copy.axis(b, s[2]);
  m.copy.axis(x[3], s[3]);
  return m;
}
/// The inverse (TFLite, and ONNX's mode DCR). crd: the block index is inside the channel (ONNX's
/// CRD, PyTorch's pixel_shuffle).
constexpr moved move_depth_to_space(const dims& x, std::int32_t b, bool crd) {
  if (x.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, x};
  if (b < 1 || b > 46340 || x[3] % (b * b) != 0 || std::int64_t{b} * x[1] > INT32_MAX ||
      std::int64_t{b} * x[2] > INT32_MAX)
    return violation{rule::value, x, dims{b}};
  const auto s = strides_of(x);
  const std::int32_t c = x[3] / (b * b);
  moved m;
  m.shape = dims{x[0], x[1] * b, x[2] * b, c};
  m.copy.axis(x[0], s[0]);
  m.copy.axis(x[1], s[1]);
  m.copy.axis(b, crd ? b : std::int64_t{b} * c);
  m.copy.axis(x[2], s[2]);
  m.copy.axis(b, crd ? 1 : c);
  m.copy.axis(c, crd ? std::int64_t{b} * b : 1);
  return m;
}
/// Blocks of the axes after the first go to the batch: y[(i, j) * N + n][h][w]... = x[n][h * bh +
/// i][w * bw + j].... Extents must divide.
constexpr moved move_space_to_batch(const dims& x, const dims& block) {
  const int k = block.rank;
  if (k < 1 || x.rank < k + 1) return violation{rule::rank, dims{k + 1}, dims{x.rank}};
  const auto s = strides_of(x);
  moved m;
  std::int64_t batch = x[0];
  for (int i = 0; i < k; ++i) {
    if (block[i] < 1 || x[i + 1] % block[i] != 0 || (batch *= block[i]) > INT32_MAX)
      return violation{rule::value, x, block};
    m.copy.axis(block[i], s[static_cast<std::size_t>(i + 1)]);
  }
  m.copy.axis(x[0], s[0]);
  m.shape.push_back(static_cast<std::int32_t>(batch));
  for (int i = 1; i < x.rank; ++i) {
    const std::int32_t b = i <= k ? block[i - 1] : 1;
    m.shape.push_back(x[i] / b);
    m.copy.axis(x[i] / b, s[static_cast<std::size_t>(i)] * b);
  }
  return m;
}
/// The inverse of space_to_batch, whole blocks. Cropping is a slice of its own: a crop that cuts
/// through a block has no single stride.
constexpr moved move_batch_to_space(const dims& x, const dims& block) {
  const int k = block.rank;
  if (k < 1 || x.rank < k + 1) return violation{rule::rank, dims{k + 1}, dims{x.rank}};
  std::int64_t blocks = 1;
  for (std::int32_t b : block)
    if (b < 1 || (blocks *= b) > INT32_MAX) return violation{rule::value, x, block};
  if (x[0] % blocks != 0)
    return violation{rule::value, dims{static_cast<std::int32_t>(blocks)}, dims{x[0]}};
  const auto s = strides_of(x);
  const auto batch = static_cast<std::int32_t>(x[0] / blocks);
  std::array<std::int64_t, dims::max_rank> step{};  // of block index i in x
  std::int64_t pace = s[0] * batch;
  for (int i = k - 1; i >= 0; --i) {
    step[static_cast<std::size_t>(i)] = pace;
    pace *= block[i];
  }
  moved m;
  m.shape.push_back(batch);
  m.copy.axis(batch, s[0]);
  for (int i = 1; i < x.rank; ++i) {
    const std::int32_t b = i <= k ? block[i - 1] : 1;
    if (std::int64_t{x[i]} * b > INT32_MAX) return violation{rule::value, x, block};
    m.shape.push_back(x[i] * b);
    m.copy.axis(x[i], s[static_cast<std::size_t>(i)]);
    if (i <= k) m.copy.axis(b, step[static_cast<std::size_t>(i - 1)]);
  }
  return m;
}

namespace ops {
using move_rule = moved (*)(const node_view&);
template <move_rule Rule> constexpr status movement_shape(const node_view& n, std::span<dims> out) {
  const moved m = Rule(n);
  if (m.broken) return m.broken;
  out[0] = m.shape;
  return unit{};
}
template <move_rule Rule> constexpr void movement_memory(const node_view& n, node_memory& to) {
  const moved m = Rule(n);
  to.alias = !m.broken && m.copy.identity(n.in[0].shape.elements().value);
  if (to.alias) return;
  to.make<movement_params>();
  to.array<strided_copy>(1);
}
template <move_rule Rule> status movement_prepare(const node_view& n, prepared& to) {
  const moved m = Rule(n);
  if (m.broken) return m.broken;
  if (m.copy.identity(n.in[0].shape.elements().value)) return unit{};  // an alias
  auto& p = to.make<movement_params>(&reference::movement_kernel);
  p.type = n.in[0].type;
  auto c = to.array<strided_copy>(1);
  c[0] = m.copy;
  p.copies = c.data();
  return unit{};
}
constexpr moved transpose_rule(const node_view& n) {
  return move_transpose(n.in[0].shape, dims_attribute(n, "perm"));
}
constexpr moved slice_rule(const node_view& n) {
  return move_slice(n.in[0].shape, dims_attribute(n, "begin"), dims_attribute(n, "size"));
}
constexpr moved strided_slice_rule(const node_view& n) {
  return move_strided_slice(n.in[0].shape, read_attributes<strided_slice_attrs>(*n.attrs));
}
constexpr moved tile_rule(const node_view& n) {
  return move_tile(n.in[0].shape, dims_attribute(n, "multiples"));
}
constexpr moved reverse_rule(const node_view& n) {
  return move_reverse(n.in[0].shape, dims_attribute(n, "axes"));
}
constexpr moved broadcast_to_rule(const node_view& n) {
  return move_broadcast(n.in[0].shape, dims_attribute(n, "shape"));
}
constexpr moved space_to_depth_rule(const node_view& n) {
  return move_space_to_depth(n.in[0].shape,
                             static_cast<std::int32_t>(n.attrs->integer("block_size")));
}
constexpr moved depth_to_space_rule(const node_view& n) {
  return move_depth_to_space(n.in[0].shape,
                             static_cast<std::int32_t>(n.attrs->integer("block_size")),
                             n.attrs->integer("crd") != 0);
}
constexpr moved space_to_batch_rule(const node_view& n) {
  return move_space_to_batch(n.in[0].shape, dims_attribute(n, "block_shape"));
}
constexpr moved batch_to_space_rule(const node_view& n) {
  return move_batch_to_space(n.in[0].shape, dims_attribute(n, "block_shape"));
}

/// Piece `index` of an axis: attribute "sizes" (one per output, one of them may be -1: the rest),
/// or equal ones. Unpack: pieces of extent 1 without the axis.
struct piece {
  violation broken{};
  moved move{};
};
template <bool Unpack>
constexpr piece piece_of(const node_view& n, std::size_t outputs, std::size_t index) {
  const dims& x = n.in[0].shape;
  const std::int64_t given = n.attrs->integer("axis");
  if (given < -x.rank || given >= x.rank)
    return {
        violation{rule::axis, dims{-x.rank, x.rank - 1}, dims{static_cast<std::int32_t>(given)}}};
  const int axis = static_cast<int>(given < 0 ? given + x.rank : given);
  const std::int64_t extent = x[axis];
  const auto sizes = n.attrs->integers("sizes");
  const auto count = static_cast<std::int64_t>(outputs);
  violation wrong{rule::element_count, dims{x[axis]}, dims{static_cast<std::int32_t>(outputs)}};
  std::int64_t at = 0, size = 0;
  if (Unpack || sizes.empty()) {
    if (count == 0 || (Unpack ? extent != count : extent % count != 0)) return {wrong};
    size = extent / count;
    at = size * static_cast<std::int64_t>(index);
  } else {
    if (sizes.size() != outputs) return {wrong};
    std::int64_t total = 0;
    bool open = false;
    for (std::int64_t v : sizes) {
      if (v == -1 && !open)
        open = true;
      else if (v < 0 || v > extent)
        return {violation{rule::value, dims{0, x[axis]}, dims{static_cast<std::int32_t>(v)}}};
      else
        total += v;
    }
    if (open ? total > extent : total != extent) return {wrong};
    for (std::size_t i = 0; i <= index; ++i) {
      at += size;
      size = sizes[i] == -1 ? extent - total : sizes[i];
    }
  }
  dims begin, part = x;
  for (int i = 0; i < x.rank; ++i) begin.push_back(i == axis ? static_cast<std::int32_t>(at) : 0);
  part[axis] = static_cast<std::int32_t>(size);
  piece p{{}, move_slice(x, begin, part)};
  if (Unpack) {
    dims y;
    for (int i = 0; i < x.rank; ++i)
      if (i != axis) y.push_back(x[i]);
    p.move.shape = y;
  }
  return p;
}
template <bool Unpack> constexpr status pieces_shape(const node_view& n, std::span<dims> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const piece p = piece_of<Unpack>(n, out.size(), i);
    if (p.broken) return p.broken;
    out[i] = p.move.shape;
  }
  return unit{};
}
constexpr void pieces_memory(const node_view& n, node_memory& to) {
  to.make<movement_params>();
  to.array<strided_copy>(n.out.size());
}
template <bool Unpack> status pieces_prepare(const node_view& n, prepared& to) {
  auto& p = to.make<movement_params>(&reference::movement_kernel);
  p.type = n.in[0].type;
  p.outputs = n.out.size();
  auto c = to.array<strided_copy>(p.outputs);
  for (std::size_t i = 0; i < p.outputs; ++i) {
    const piece part = piece_of<Unpack>(n, p.outputs, i);
    if (part.broken) return part.broken;
    c[i] = part.move.copy;
  }
  p.copies = c.data();
  return unit{};
}

inline constexpr op_def transpose{
    .name = "transpose",
    .summary = "axes in another order",
    .forms = movement_forms,
    .shape = &movement_shape<&transpose_rule>,
    .memory = &movement_memory<&transpose_rule>,
    .prepare = &movement_prepare<&transpose_rule>,
};
inline constexpr op_def slice{
    .name = "slice",
    .summary = "a block of a tensor",
    .forms = movement_forms,
    .shape = &movement_shape<&slice_rule>,
    .memory = &movement_memory<&slice_rule>,
    .prepare = &movement_prepare<&slice_rule>,
};
inline constexpr op_def strided_slice{
    .name = "strided_slice",
    .summary = "a block of a tensor, by steps",
    .forms = movement_forms,
    .shape = &movement_shape<&strided_slice_rule>,
    .memory = &movement_memory<&strided_slice_rule>,
    .prepare = &movement_prepare<&strided_slice_rule>,
};
inline constexpr op_def tile{
    .name = "tile",
    .summary = "repetitions along axes",
    .forms = movement_forms,
    .shape = &movement_shape<&tile_rule>,
    .memory = &movement_memory<&tile_rule>,
    .prepare = &movement_prepare<&tile_rule>,
};
inline constexpr op_def reverse{
    .name = "reverse",
    .summary = "axes backwards",
    .forms = movement_forms,
    .shape = &movement_shape<&reverse_rule>,
    .memory = &movement_memory<&reverse_rule>,
    .prepare = &movement_prepare<&reverse_rule>,
};
inline constexpr op_def broadcast_to{
    .name = "broadcast_to",
    .summary = "repetitions along axes of extent 1",
    .forms = movement_forms,
    .shape = &movement_shape<&broadcast_to_rule>,
    .memory = &movement_memory<&broadcast_to_rule>,
    .prepare = &movement_prepare<&broadcast_to_rule>,
};
inline constexpr op_def space_to_depth{
    .name = "space_to_depth",
    .summary = "blocks of pixels as channels",
    .forms = movement_forms,
    .shape = &movement_shape<&space_to_depth_rule>,
    .memory = &movement_memory<&space_to_depth_rule>,
    .prepare = &movement_prepare<&space_to_depth_rule>,
};
inline constexpr op_def depth_to_space{
    .name = "depth_to_space",
    .summary = "channels as blocks of pixels",
    .forms = movement_forms,
    .shape = &movement_shape<&depth_to_space_rule>,
    .memory = &movement_memory<&depth_to_space_rule>,
    .prepare = &movement_prepare<&depth_to_space_rule>,
};
inline constexpr op_def space_to_batch{
    .name = "space_to_batch",
    .summary = "blocks of pixels as images",
    .forms = movement_forms,
    .shape = &movement_shape<&space_to_batch_rule>,
    .memory = &movement_memory<&space_to_batch_rule>,
    .prepare = &movement_prepare<&space_to_batch_rule>,
};
inline constexpr op_def batch_to_space{
    .name = "batch_to_space",
    .summary = "images as blocks of pixels",
    .forms = movement_forms,
    .shape = &movement_shape<&batch_to_space_rule>,
    .memory = &movement_memory<&batch_to_space_rule>,
    .prepare = &movement_prepare<&batch_to_space_rule>,
};
inline constexpr op_def split{
    .name = "split",
    .summary = "pieces of an axis",
    .outputs = -1,
    .forms = movement_forms,
    .shape = &pieces_shape<false>,
    .memory = &pieces_memory,
    .prepare = &pieces_prepare<false>,
};
inline constexpr op_def unpack{
    .name = "unpack",
    .summary = "slices of an axis",
    .outputs = -1,
    .forms = movement_forms,
    .shape = &pieces_shape<true>,
    .memory = &pieces_memory,
    .prepare = &pieces_prepare<true>,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/gather.hpp
// Operators that look elements up or count them out: gather, gather_nd, one_hot, arg_max, arg_min,
// topk, cumsum.


OCTET_NAMESPACE_BEGIN

/// f(type_tag<T>) for the numbers that compare: float32 and integers.
template <class F> constexpr bool with_number(dtype t, F&& f) {
  if (t == dtype::f32) return f(type_tag<float>{}), true;
  return with_integer(t, f);
}

// ---- gather ----

struct gather_attrs {
  std::int32_t axis = 0, batch_dims = 0;  // may be negative
  static constexpr auto fields = std::tuple{field{"axis", &gather_attrs::axis},
                                            field{"batch_dims", &gather_attrs::batch_dims}};
};
/// y[b][o][i] = x[b][o][index[b][i]] (rows of `inner` bytes). Negative indices count from the end;
/// others outside are clamped into range.
struct gather_params {
  std::size_t batch = 1, outer = 1, extent = 0, count = 0,
              inner = 0;  // count: indices per batch; inner: bytes
  dtype index_type = dtype::s32;
};
constexpr shape_or gather_shape(const gather_attrs& a, const dims& x, const dims& index) {
  const std::int32_t axis = a.axis < 0 ? a.axis + x.rank : a.axis,
                     batch = a.batch_dims < 0 ? a.batch_dims + index.rank : a.batch_dims;
  if (axis < 0 || axis >= x.rank || x[axis] < 1) return violation{rule::axis, x, dims{a.axis}};
  if (batch < 0 || batch > axis || batch > index.rank ||
      x.rank - 1 + index.rank - batch > dims::max_rank)
    return violation{rule::axis, dims{axis}, dims{a.batch_dims}};
  dims y;
  for (int i = 0; i < axis; ++i) {
    if (i < batch && x[i] != index[i]) return violation{rule::shapes_differ, x, index};
    y.push_back(x[i]);
  }
  for (int i = batch; i < index.rank; ++i) y.push_back(index[i]);
  for (int i = axis + 1; i < x.rank; ++i) y.push_back(x[i]);
  return y;
}
namespace reference {
constexpr std::size_t index_in(std::int64_t i, std::size_t extent) {
  const auto n = static_cast<std::int64_t>(extent);
  if (i < 0) i += n;
  return static_cast<std::size_t>(i < 0 ? 0 : i >= n ? n - 1 : i);
}
inline void gather_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const gather_params*>(a.params);
  const auto* x = static_cast<const std::byte*>(a.in[0]);
  auto* y = static_cast<std::byte*>(a.out[0]);
  if (p.inner == 0) return;
  const auto run = [&](const auto* index) {
    for (std::size_t b = 0; b < p.batch; ++b)
      for (std::size_t o = 0; o < p.outer; ++o)
        for (std::size_t i = 0; i < p.count; ++i)
          std::memcpy(y + ((b * p.outer + o) * p.count + i) * p.inner,
                      x + ((b * p.outer + o) * p.extent +
                           index_in(static_cast<std::int64_t>(index[b * p.count + i]), p.extent)) *
                              p.inner,
                      p.inner);
  };
  if (p.index_type == dtype::s32)
    run(static_cast<const std::int32_t*>(a.in[1]));
  else
    run(static_cast<const std::int64_t*>(a.in[1]));
}
}  // namespace reference
namespace ops {
constexpr status gather_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(
      out, gather_shape(read_attributes<gather_attrs>(*n.attrs), n.in[0].shape, n.in[1].shape));
}
inline status gather_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<gather_attrs>(*n.attrs);
  const dims &x = n.in[0].shape, &index = n.in[1].shape;
  auto& p = to.make<gather_params>(&reference::gather_kernel);
  const std::int32_t axis = a.axis < 0 ? a.axis + x.rank : a.axis,
                     batch = a.batch_dims < 0 ? a.batch_dims + index.rank : a.batch_dims;
  p.index_type = n.in[1].type;
  p.extent = static_cast<std::size_t>(x[axis]);
  p.count = 1;
  p.inner = size_of(n.in[0].type);
  for (int i = 0; i < batch; ++i) p.batch *= static_cast<std::size_t>(x[i]);
  for (int i = batch; i < axis; ++i) p.outer *= static_cast<std::size_t>(x[i]);
  for (int i = batch; i < index.rank; ++i) p.count *= static_cast<std::size_t>(index[i]);
  for (int i = axis + 1; i < x.rank; ++i) p.inner *= static_cast<std::size_t>(x[i]);
  return unit{};
}
inline constexpr form gather_forms[] = {
    {.in = {all_types, accumulator_types}, .out = {like(0)}},
};
inline constexpr op_def gather{
    .name = "gather",
    .summary = "slices of an axis by index",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = gather_forms,
    .shape = &gather_op_shape,
    .memory = &params_only<gather_params>,
    .prepare = &gather_prepare,
};
}  // namespace ops

// ---- gather_nd ----

/// indices [..., k]: each last row names a position along the first k axes of x.
struct gather_nd_params {
  std::size_t count = 0, k = 0, inner = 0;  // rows, indices per row, bytes
  dims x;
  dtype index_type = dtype::s32;
};
constexpr shape_or gather_nd_shape(const dims& x, const dims& index) {
  if (index.rank < 1 || index.back(0) < 0 || index.back(0) > x.rank)
    return violation{rule::rank, x, index};
  const std::int32_t k = index.back(0);
  if (index.rank - 1 + x.rank - k > dims::max_rank)
    return violation{rule::rank, dims{dims::max_rank}, index};
  dims y;
  for (int i = 0; i + 1 < index.rank; ++i) y.push_back(index[i]);
  for (int i = k; i < x.rank; ++i) y.push_back(x[i]);
  for (int i = 0; i < k; ++i)
    if (x[i] < 1) return violation{rule::element_count, dims{1}, x};
  return y;
}
namespace reference {
inline void gather_nd_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const gather_nd_params*>(a.params);
  if (p.inner == 0) return;
  const auto run = [&](const auto* index) {
    for (std::size_t r = 0; r < p.count; ++r) {
      std::size_t at = 0;
      for (std::size_t i = 0; i < p.k; ++i) {
        const auto extent = static_cast<std::size_t>(p.x[static_cast<int>(i)]);
        at = at * extent + index_in(static_cast<std::int64_t>(index[r * p.k + i]), extent);
      }
      std::memcpy(static_cast<std::byte*>(a.out[0]) + r * p.inner,
                  static_cast<const std::byte*>(a.in[0]) + at * p.inner, p.inner);
    }
  };
  if (p.index_type == dtype::s32)
    run(static_cast<const std::int32_t*>(a.in[1]));
  else
    run(static_cast<const std::int64_t*>(a.in[1]));
}
}  // namespace reference
namespace ops {
constexpr status gather_nd_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, gather_nd_shape(n.in[0].shape, n.in[1].shape));
}
inline status gather_nd_prepare(const node_view& n, prepared& to) {
  auto& p = to.make<gather_nd_params>(&reference::gather_nd_kernel);
  const dims &x = n.in[0].shape, &index = n.in[1].shape;
  p.x = x;
  p.index_type = n.in[1].type;
  p.k = static_cast<std::size_t>(index.back(0));
  p.count = 1;
  for (int i = 0; i + 1 < index.rank; ++i) p.count *= static_cast<std::size_t>(index[i]);
  p.inner = size_of(n.in[0].type);
  for (int i = index.back(0); i < x.rank; ++i) p.inner *= static_cast<std::size_t>(x[i]);
  return unit{};
}
inline constexpr op_def gather_nd{
    .name = "gather_nd",
    .summary = "slices by index tuples",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = gather_forms,
    .shape = &gather_nd_op_shape,
    .memory = &params_only<gather_nd_params>,
    .prepare = &gather_nd_prepare,
};
}  // namespace ops

// ---- one_hot ----

struct one_hot_attrs {
  std::int32_t depth = 0, axis = -1;
  static constexpr auto fields =
      std::tuple{field{"depth", &one_hot_attrs::depth}, field{"axis", &one_hot_attrs::axis}};
};
/// Inputs: indices, the value that marks (one element), the other value (one element). Indices
/// outside [0, depth) mark nothing.
struct one_hot_params {
  std::size_t outer = 1, inner = 1;
  std::int64_t depth = 0;
  dtype type = dtype::f32, index_type = dtype::s32;
};
constexpr shape_or one_hot_shape(const one_hot_attrs& a, const dims& index) {
  const std::int32_t axis = a.axis < 0 ? a.axis + index.rank + 1 : a.axis;
  if (index.rank >= dims::max_rank || axis < 0 || axis > index.rank)
    return violation{rule::axis, dims{index.rank}, dims{a.axis}};
  if (a.depth < 0) return violation{rule::value, dims{0}, dims{a.depth}};
  dims y;
  for (int i = 0; i <= index.rank; ++i) {
    if (i == axis) y.push_back(a.depth);
    if (i < index.rank) y.push_back(index[i]);
  }
  return y;
}
namespace reference {
inline void one_hot_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const one_hot_params*>(a.params);
  with_size(p.type, [&]<class T>(type_tag<T>) {
    const T on = *static_cast<const T*>(a.in[1]), off = *static_cast<const T*>(a.in[2]);
    auto* y = static_cast<T*>(a.out[0]);
    for (std::size_t o = 0; o < p.outer; ++o)
      for (std::int64_t d = 0; d < p.depth; ++d)
        for (std::size_t i = 0; i < p.inner; ++i) {
          const std::size_t at = o * p.inner + i;
          const std::int64_t index = p.index_type == dtype::s32
                                         ? static_cast<const std::int32_t*>(a.in[0])[at]
                                         : static_cast<const std::int64_t*>(a.in[0])[at];
          y[(o * static_cast<std::size_t>(p.depth) + static_cast<std::size_t>(d)) * p.inner + i] =
              index == d ? on : off;
        }
  });
}
}  // namespace reference
namespace ops {
constexpr status one_hot_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, one_hot_shape(read_attributes<one_hot_attrs>(*n.attrs), n.in[0].shape));
}
inline status one_hot_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<one_hot_attrs>(*n.attrs);
  for (std::size_t i : {std::size_t{1}, std::size_t{2}}) {
    if (n.in[i].shape.elements().value != 1)
      return invalid("values of one_hot", to_string(n.in[i].shape), "one element each");
  }
  auto& p = to.make<one_hot_params>(&reference::one_hot_kernel);
  const dims& x = n.in[0].shape;
  const std::int32_t axis = a.axis < 0 ? a.axis + x.rank + 1 : a.axis;
  p.depth = a.depth;
  p.type = n.out[0].type, p.index_type = n.in[0].type;
  for (int i = 0; i < axis; ++i) p.outer *= static_cast<std::size_t>(x[i]);
  for (int i = axis; i < x.rank; ++i) p.inner *= static_cast<std::size_t>(x[i]);
  return unit{};
}
inline constexpr form one_hot_forms[] = {
    {.in = {accumulator_types, all_types, like(1)}, .out = {like(1)}},
};
inline constexpr op_def one_hot{
    .name = "one_hot",
    .summary = "a value at each index, another elsewhere",
    .min_inputs = 3,
    .max_inputs = 3,
    .forms = one_hot_forms,
    .shape = &one_hot_op_shape,
    .memory = &params_only<one_hot_params>,
    .prepare = &one_hot_prepare,
};
}  // namespace ops

// ---- arg_max, arg_min, cumsum ----

struct axis_attrs {
  std::int32_t axis = 0;
  bool keep_dims = false, exclusive = false,
       reverse = false;  // keep_dims: arg_max, arg_min; the others: cumsum
  static constexpr auto fields = std::tuple{
      field{"axis", &axis_attrs::axis}, field{"keep_dims", &axis_attrs::keep_dims},
      field{"exclusive", &axis_attrs::exclusive}, field{"reverse", &axis_attrs::reverse}};
};
/// x as [outer][extent][inner].
struct axis_params {
  std::size_t outer = 1, extent = 1, inner = 1;
  dtype type = dtype::f32, out_type = dtype::s32;
  bool least = false, exclusive = false, reverse = false;
};
constexpr shape_or arg_shape(const axis_attrs& a, const dims& x) {
  const std::int32_t axis = a.axis < 0 ? a.axis + x.rank : a.axis;
  if (axis < 0 || axis >= x.rank || x[axis] < 1) return violation{rule::axis, x, dims{a.axis}};
  dims y;
  for (int i = 0; i < x.rank; ++i) {
    if (i != axis)
      y.push_back(x[i]);
    else if (a.keep_dims)
      y.push_back(1);
  }
  return y;
}
namespace reference {
/// The first of equal values wins. Small integers along the innermost axis: the value and the
/// reversed index in one number, whose maximum has no branch.
template <class T, class I> constexpr void arg_extreme(const axis_params& p, const T* x, I* y) {
  if constexpr (std::is_integral_v<T> && sizeof(T) <= 2) {
    if (p.inner == 1 && p.extent <= 65536) {
      for (std::size_t o = 0; o < p.outer; ++o, x += p.extent) {
        std::int64_t best = INT64_MIN;
        for (std::size_t k = 0; k < p.extent; ++k) {
          const std::int64_t v = p.least ? -std::int64_t{x[k]} : std::int64_t{x[k]},
                             key = v * 65536 + (65535 - static_cast<std::int64_t>(k));
          best = key > best ? key : best;
        }
        y[o] = static_cast<I>(65535 - (best & 65535));
      }
      return;
    }
  }
  for (std::size_t o = 0; o < p.outer; ++o)
    for (std::size_t i = 0; i < p.inner; ++i) {
      const T* at = x + o * p.extent * p.inner + i;
      std::size_t best = 0;
      for (std::size_t k = 1; k < p.extent; ++k)
        if (p.least ? at[k * p.inner] < at[best * p.inner] : at[k * p.inner] > at[best * p.inner])
          best = k;
      y[o * p.inner + i] = static_cast<I>(best);
    }
}
inline void arg_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const axis_params*>(a.params);
  with_number(p.type, [&]<class T>(type_tag<T>) {
    if (p.out_type == dtype::s32)
      arg_extreme(p, static_cast<const T*>(a.in[0]), static_cast<std::int32_t*>(a.out[0]));
    else
      arg_extreme(p, static_cast<const T*>(a.in[0]), static_cast<std::int64_t*>(a.out[0]));
  });
}
/// Running sums, float32 with one rounding per step in the direction of the sum; integers wrap.
template <class T> constexpr void cumsum(const axis_params& p, const T* x, T* y) {
  for (std::size_t o = 0; o < p.outer; ++o)
    for (std::size_t i = 0; i < p.inner; ++i) {
      T sum{};
      for (std::size_t k = 0; k < p.extent; ++k) {
        const std::size_t at = (o * p.extent + (p.reverse ? p.extent - 1 - k : k)) * p.inner + i;
        const T v = x[at];
        if (p.exclusive) y[at] = sum;
        if constexpr (std::is_floating_point_v<T>)
          sum = numerics::add(sum, v);
        else
          sum = static_cast<T>(static_cast<std::uint64_t>(sum) + static_cast<std::uint64_t>(v));
        if (!p.exclusive) y[at] = sum;
      }
    }
}
inline void cumsum_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const axis_params*>(a.params);
  if (p.type == dtype::f32)
    cumsum(p, static_cast<const float*>(a.in[0]), static_cast<float*>(a.out[0]));
  else if (p.type == dtype::s32)
    cumsum(p, static_cast<const std::int32_t*>(a.in[0]), static_cast<std::int32_t*>(a.out[0]));
  else
    cumsum(p, static_cast<const std::int64_t*>(a.in[0]), static_cast<std::int64_t*>(a.out[0]));
}
}  // namespace reference
namespace ops {
inline void set_axis(axis_params& p, const axis_attrs& a, const node_view& n) {
  const dims& x = n.in[0].shape;
  const std::int32_t axis = a.axis < 0 ? a.axis + x.rank : a.axis;
  for (int i = 0; i < axis; ++i) p.outer *= static_cast<std::size_t>(x[i]);
  p.extent = static_cast<std::size_t>(x[axis]);
  for (int i = axis + 1; i < x.rank; ++i) p.inner *= static_cast<std::size_t>(x[i]);
  p.type = n.in[0].type, p.out_type = n.out[0].type;
  p.exclusive = a.exclusive, p.reverse = a.reverse;
}
constexpr status arg_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, arg_shape(read_attributes<axis_attrs>(*n.attrs), n.in[0].shape));
}
template <bool Least> status arg_prepare(const node_view& n, prepared& to) {
  auto& p = to.make<axis_params>(&reference::arg_kernel);
  set_axis(p, read_attributes<axis_attrs>(*n.attrs), n);
  p.least = Least;
  return unit{};
}
constexpr status cumsum_op_shape(const node_view& n, std::span<dims> out) {
  auto a = read_attributes<axis_attrs>(*n.attrs);
  const dims& x = n.in[0].shape;
  if (a.axis < -x.rank || a.axis >= x.rank)
    return violation{rule::axis, dims{-x.rank, x.rank - 1}, dims{a.axis}};
  out[0] = x;
  return unit{};
}
inline status cumsum_prepare(const node_view& n, prepared& to) {
  auto& p = to.make<axis_params>(&reference::cumsum_kernel);
  set_axis(p, read_attributes<axis_attrs>(*n.attrs), n);
  return unit{};
}
inline constexpr form arg_forms[] = {
    {.in = {number_types}, .out = {accumulator_types}},
};
inline constexpr form cumsum_forms[] = {
    {.in = {arithmetic_types}, .out = {like(0)}},
};
inline constexpr op_def arg_max{
    .name = "arg_max",
    .summary = "index of the largest element along an axis",
    .forms = arg_forms,
    .shape = &arg_op_shape,
    .memory = &params_only<axis_params>,
    .prepare = &arg_prepare<false>,
};
inline constexpr op_def arg_min{
    .name = "arg_min",
    .summary = "index of the smallest element along an axis",
    .forms = arg_forms,
    .shape = &arg_op_shape,
    .memory = &params_only<axis_params>,
    .prepare = &arg_prepare<true>,
};
inline constexpr op_def cumsum{
    .name = "cumsum",
    .summary = "running sums along an axis",
    .forms = cumsum_forms,
    .shape = &cumsum_op_shape,
    .memory = &params_only<axis_params>,
    .prepare = &cumsum_prepare,
};
}  // namespace ops

// ---- topk ----

/// Outputs: the k largest values of every innermost row, largest first, equal ones by index; their
/// indices.
struct topk_params {
  std::size_t rows = 1, extent = 0, k = 0;
  dtype type = dtype::f32, index_type = dtype::s32;
};
namespace reference {
/// Selection by repeated search: the order of equal values is by index and needs no scratch. k is
/// small where this is used.
template <class T, class I> constexpr void topk(const topk_params& p, const T* x, T* y, I* index) {
  for (std::size_t r = 0; r < p.rows; ++r) {
    const T* row = x + r * p.extent;
    T last{};
    std::size_t last_at = 0;
    for (std::size_t j = 0; j < p.k; ++j) {
      std::size_t best = p.extent;
      for (std::size_t i = 0; i < p.extent; ++i) {
        const bool left = j == 0 || row[i] < last ||
                          (row[i] == last && i > last_at);  // comes after the one found last
        if (left && (best == p.extent || row[i] > row[best])) best = i;
      }
      if (best == p.extent) best = p.extent - 1;  // NaN in the row
      last = row[best];
      last_at = best;
      if (y) y[r * p.k + j] = last;
      if (index) index[r * p.k + j] = static_cast<I>(best);
    }
  }
}
inline void topk_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const topk_params*>(a.params);
  with_number(p.type, [&]<class T>(type_tag<T>) {
    if (p.index_type == dtype::s32)
      topk(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]),
           static_cast<std::int32_t*>(a.out[1]));
    else
      topk(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]),
           static_cast<std::int64_t*>(a.out[1]));
  });
}
}  // namespace reference
namespace ops {
constexpr status topk_op_shape(const node_view& n, std::span<dims> out) {
  const dims& x = n.in[0].shape;
  const std::int64_t k = n.attrs->integer("k", 1);
  if (x.rank < 1 || k < 1 || k > x.back(0))
    return violation{rule::value, dims{1, x.back(0)}, dims{static_cast<std::int32_t>(k)}};
  dims y = x;
  y[y.rank - 1] = static_cast<std::int32_t>(k);
  for (dims& d : out) d = y;
  return unit{};
}
inline status topk_prepare(const node_view& n, prepared& to) {
  auto& p = to.make<topk_params>(&reference::topk_kernel);
  const tensor_desc& x = n.in[0];
  p.type = x.type, p.index_type = n.out[1].type;
  p.extent = static_cast<std::size_t>(x.shape.back(0));
  p.k = static_cast<std::size_t>(n.attrs->integer("k", 1));
  p.rows = x.shape.elements().value / p.extent;
  return unit{};
}
inline constexpr form topk_forms[] = {
    {.in = {number_types}, .out = {like(0), accumulator_types}},
};
inline constexpr op_def topk{
    .name = "topk",
    .summary = "largest elements of each row and their indices",
    .outputs = 2,
    .forms = topk_forms,
    .shape = &topk_op_shape,
    .memory = &params_only<topk_params>,
    .prepare = &topk_prepare,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/binary.hpp
// Two-operand operators besides add and mul: minimum, maximum, comparisons, logic,
// squared_difference, div, floor_div, floor_mod; and select.


OCTET_NAMESPACE_BEGIN

enum class binary_op : std::uint8_t {
  minimum,
  maximum,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  logical_and,
  logical_or,
  squared_difference,
  div,
  floor_div,
  floor_mod
};

constexpr bool is_comparison(binary_op op) noexcept {
  switch (op) {
    case binary_op::equal:
    case binary_op::not_equal:
    case binary_op::less:
    case binary_op::less_equal:
    case binary_op::greater:
    case binary_op::greater_equal: return true;
    case binary_op::minimum:
    case binary_op::maximum:
    case binary_op::logical_and:
    case binary_op::logical_or:
    case binary_op::squared_difference:
    case binary_op::div:
    case binary_op::floor_div:
    case binary_op::floor_mod: return false;
  }
  return false;
}

/// Quantized forms bring both operands to a common scale first (DR), or work on raw values where
/// the parameters are equal.
struct binary_params {
  binary_op op = binary_op::minimum;
  rounding mode = rounding::none;  // none: raw values or plain numbers; DR: comparisons,
                                   // squared_difference, div of quantized values
  dtype a_type, y_type;            // operands have one type
  std::int32_t a_zero_point = 0, b_zero_point = 0, zero_point = 0, lo = 0, hi = 0;
  std::int32_t left_shift = 0;
  multiplier a_mult, b_mult, y_mult;
  float min = 0, max = 0;  // clamp of plain float32
  broadcast_plan<2> shape;
};

namespace numerics {
/// Both operands on a common scale: DR((q - z) << left_shift).
struct scaled_pair {
  std::int32_t a, b;
};
constexpr scaled_pair common_scale(const binary_params& p, std::int32_t a,
                                   std::int32_t b) noexcept {
  return {doubling_high_half_away((a - p.a_zero_point) * (1 << p.left_shift), p.a_mult),
          doubling_high_half_away((b - p.b_zero_point) * (1 << p.left_shift), p.b_mult)};
}
constexpr std::int32_t squared_difference_dr(const binary_params& p, std::int32_t a,
                                             std::int32_t b) noexcept {
  const auto s = common_scale(p, a, b);
  const std::int32_t d = s.a - s.b;
  return finish(std::int64_t{doubling_high_half_away(
                    static_cast<std::int32_t>(std::uint32_t(d) * std::uint32_t(d)), p.y_mult)},
                p.zero_point, p.lo, p.hi);
}
/// RDP as TFLite's kernels compute it on x86-64 where the shift exceeds 31 (small quotients of
/// large divisors): the shift counts wrap at 32, the mask at 64. The stored results of the
/// framework have these values.
constexpr std::int32_t rounding_shift_half_away_unguarded(std::int32_t x, int e) noexcept {
  if (e >= 0 && e <= 31) return rounding_shift_half_away(x, e);
  const auto mask =
      static_cast<std::int32_t>(static_cast<std::uint32_t>((std::uint64_t{1} << (e & 63)) - 1));
  const std::int32_t rest = x & mask, threshold = (mask >> 1) + (x < 0);
  return static_cast<std::int32_t>(std::int64_t{x >> (e & 31)} + (rest > threshold));
}
/// TFLite's integer division: the reciprocal of the divisor as a Q0.31 fraction with its own
/// exponent, the dividend shifted to full width. A divisor of 0, which TFLite refuses, gives the
/// clamp's end on the dividend's side (0 / 0: the zero point).
constexpr std::int32_t div_dr(const binary_params& p, std::int32_t a, std::int32_t b) noexcept {
  std::int32_t x = a - p.a_zero_point, d = b - p.b_zero_point;
  if (d == 0) return x == 0 ? clamp(p.zero_point, p.lo, p.hi) : x > 0 ? p.hi : p.lo;
  if (d < 0) x = -x, d = -d;
  const int lz = std::countl_zero(static_cast<std::uint32_t>(d)), reciprocal_shift = 31 - lz;
  const std::int32_t inverse = fixed32::reciprocal_of_one_plus(
      static_cast<std::int32_t>((static_cast<std::uint32_t>(d) << lz) - (std::uint32_t{1} << 31)));
  const int headroom =
      x == 0 ? 31 : std::countl_zero(static_cast<std::uint32_t>(x < 0 ? ~x : x)) - 1;
  const std::int32_t quotient = doubling_high_multiply(shl_wrap(x, headroom), inverse);
  return finish(std::int64_t{rounding_shift_half_away_unguarded(
                    doubling_high_multiply(quotient, p.y_mult.m),
                    headroom + reciprocal_shift - p.y_mult.shift)},
                p.zero_point, p.lo, p.hi);
}
/// Largest integer not above a / b; b == 0 gives 0.
template <class T> constexpr T floor_div(T a, T b) noexcept {
  if constexpr (std::is_floating_point_v<T>) {
    return floor(div(a, b));
  } else {
    if (b == 0) return 0;
    if (b == static_cast<T>(-1))
      return static_cast<T>(std::uint64_t{0} - static_cast<std::uint64_t>(a));
    const T q = static_cast<T>(a / b);
    return static_cast<T>(q - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0));
  }
}
}  // namespace numerics

namespace reference {
template <class T> constexpr bool compare(binary_op op, T a, T b) noexcept {
  switch (op) {
    case binary_op::equal: return a == b;
    case binary_op::not_equal: return a != b;
    case binary_op::less: return a < b;
    case binary_op::less_equal: return a <= b;
    case binary_op::greater: return a > b;
    case binary_op::greater_equal: return a >= b;
    case binary_op::minimum:
    case binary_op::maximum:
    case binary_op::logical_and:
    case binary_op::logical_or:
    case binary_op::squared_difference:
    case binary_op::div:
    case binary_op::floor_div:
    case binary_op::floor_mod: break;  // is_comparison() tells
  }
  return false;
}
/// The operators whose result has the operands' type, except logic.
template <class T> constexpr T binary_value(const binary_params& p, T a, T b) noexcept {
  switch (p.op) {
    case binary_op::minimum: return b < a ? b : a;
    case binary_op::maximum: return b > a ? b : a;
    case binary_op::squared_difference:
      if constexpr (std::is_floating_point_v<T>) {
        const T d = numerics::sub(a, b);
        return numerics::mul(d, d);
      } else {
        const auto d = static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b);
        return static_cast<T>(d * d);
      }
    case binary_op::div:
      if constexpr (std::is_floating_point_v<T>)
        return numerics::clamp(numerics::div(a, b), p.min, p.max);
      else
        return b == 0 ? T{}
               : b == static_cast<T>(-1)
                   ? static_cast<T>(std::uint64_t{0} - static_cast<std::uint64_t>(a))
                   : static_cast<T>(a / b);
    case binary_op::floor_div: return numerics::floor_div(a, b);
    case binary_op::floor_mod:  // a - floor_div(a, b) * b, the divisor's sign
      if constexpr (std::is_floating_point_v<T>) {
        // The exact remainder of truncation by repeated subtraction of scaled divisors, in
        // binary64.
        double x = static_cast<double>(a < 0 ? -a : a);
        const double y = static_cast<double>(b < 0 ? -b : b);
        if (!(y > 0) || !(x < std::numeric_limits<double>::infinity()))
          return std::numeric_limits<T>::quiet_NaN();
        while (x >= y) {
          double d = y;
          while (numerics::mul(d, 2.) <= x) d = numerics::mul(d, 2.);
          x = numerics::sub(x, d);
        }
        const T r = static_cast<T>(a < 0 ? -x : x);
        return r != 0 && (r < 0) != (b < 0) ? numerics::add(r, b) : r;
      } else {
        return b == 0 ? T{}
                      : static_cast<T>(static_cast<std::uint64_t>(a) -
                                       static_cast<std::uint64_t>(numerics::floor_div(a, b)) *
                                           static_cast<std::uint64_t>(b));
      }
    case binary_op::equal:
    case binary_op::not_equal:
    case binary_op::less:
    case binary_op::less_equal:
    case binary_op::greater:
    case binary_op::greater_equal:
    case binary_op::logical_and:
    case binary_op::logical_or: break;
  }
  return T{};
}
template <class T>
constexpr void binary(const binary_params& p, const T* a, const T* b, void* out, std::size_t begin,
                      std::size_t end) {
  for_each_broadcast(p.shape, begin, end, [&](std::size_t i, const auto& at) {
    const T u = a[at[0]], v = b[at[1]];
    if (is_comparison(p.op)) {
      bool r = false;
      if constexpr (std::is_integral_v<T> && sizeof(T) <= 2) {
        if (p.mode == rounding::doubling_high_half_away) {
          const auto s = numerics::common_scale(p, u, v);
          r = compare(p.op, s.a, s.b);
        } else {
          r = compare(p.op, u, v);
        }
      } else {
        r = compare(p.op, u, v);
      }
      static_cast<std::uint8_t*>(out)[i] = r;
      return;
    }
    if constexpr (std::is_integral_v<T> && sizeof(T) <= 2) {
      if (p.op == binary_op::logical_and || p.op == binary_op::logical_or) {
        static_cast<T*>(out)[i] =
            static_cast<T>(p.op == binary_op::logical_and ? u != 0 && v != 0 : u != 0 || v != 0);
        return;
      }
      if (p.mode == rounding::doubling_high_half_away) {
        static_cast<T*>(out)[i] =
            static_cast<T>(p.op == binary_op::div ? numerics::div_dr(p, u, v)
                                                  : numerics::squared_difference_dr(p, u, v));
        return;
      }
    }
    static_cast<T*>(out)[i] = binary_value(p, u, v);
  });
}
inline void binary_kernel(const kernel_args& k) noexcept {
  const auto& p = *static_cast<const binary_params*>(k.params);
  const auto r = part_of(p.shape.count, k.part, k.parts);
  const auto run = [&]<class T>(type_tag<T>) {
    binary(p, static_cast<const T*>(k.in[0]), static_cast<const T*>(k.in[1]), k.out[0], r.begin,
           r.end);
  };
  if (p.a_type == dtype::boolean)
    run(type_tag<std::uint8_t>{});
  else
    with_number(p.a_type, run);
}
}  // namespace reference

namespace ops {
template <binary_op Op, bool Quantized> status binary_prepare(const node_view& n, prepared& to) {
  const tensor_desc &a = n.in[0], &b = n.in[1], &y = n.out[0];
  auto& p = to.make<binary_params>(&reference::binary_kernel);
  p.op = Op;
  p.mode = n.round;
  p.a_type = a.type, p.y_type = y.type;
  p.shape = make_broadcast<2>({a.shape, b.shape}, y.shape);
  constexpr bool compares = is_comparison(Op),
                 extremes = Op == binary_op::minimum || Op == binary_op::maximum;
  if constexpr (!Quantized) {
    const auto c = read_attributes<float_clamp_attrs>(*n.attrs);
    p.min = static_cast<float>(c.float_lo), p.max = static_cast<float>(c.float_hi);
    return unit{};
  } else {
    for (const tensor_desc* t : {&a, &b})
      if (!t->quantized() || t->per_channel())
        return unsupported("quantization of an operand", {}, "one scale per tensor");
    if (extremes || n.round == rounding::none) {
      if (!a.same_quantization(b) || (extremes && !a.same_quantization(y)))
        return unsupported("operands of different scales", {}, "equal scales and zero points");
      return unit{};
    }
    p.a_zero_point = a.zero_point(), p.b_zero_point = b.zero_point(), p.zero_point = y.zero_point();
    const auto clamp = clamp_of(*n.attrs, y.type);
    p.lo = clamp.lo, p.hi = clamp.hi;
    if constexpr (compares) {
      if (a.scale() >= 1 || b.scale() >= 1)
        return unsupported("scale of a comparison", {}, "below 1");
      p.left_shift = 8;
      p.a_mult = numerics::quantize_multiplier(a.scale());
      p.b_mult = numerics::quantize_multiplier(b.scale());
    } else if constexpr (Op == binary_op::squared_difference) {
      p.left_shift = 7;
      const double twice = numerics::mul(2.0, std::max(a.scale(), b.scale()));
      p.a_mult = numerics::quantize_multiplier(numerics::div(a.scale(), twice));
      p.b_mult = numerics::quantize_multiplier(numerics::div(b.scale(), twice));
      p.y_mult = numerics::quantize_multiplier(
          numerics::div(numerics::mul(twice, twice),
                        numerics::mul(static_cast<double>(1 << (2 * p.left_shift)), y.scale())));
    } else if constexpr (Op == binary_op::div) {
      p.y_mult = numerics::quantize_multiplier(
          numerics::div(a.scale(), numerics::mul(b.scale(), y.scale())));
    } else {
      return unsupported("rounding " + std::string(name_of(n.round)) + " here");
    }
    return unit{};
  }
}
inline constexpr form plain_binary_forms[] = {
    {.in = {number_types, like(0)}, .out = {like(0)}},
};
/// Equality is of bools as well.
inline constexpr form equality_forms[] = {
    {.in = {number_types | dtype::boolean, like(0)}, .out = {dtype::boolean}},
};
inline constexpr form order_forms[] = {
    {.in = {number_types, like(0)}, .out = {dtype::boolean}},
};
inline constexpr form logic_forms[] = {
    {.in = {dtype::boolean, dtype::boolean}, .out = {dtype::boolean}},
};
inline constexpr form qnn_extreme_forms[] = {
    {.in = {quantized_types, like(0)}, .out = {like(0)}},
};
/// Raw values where the quantization is equal, else a common scale.
inline constexpr form qnn_comparison_forms[] = {
    {.in = {quantized_types, like(0)}, .out = {dtype::boolean}},
    {.in = {eight_bit, like(0)},
     .out = {dtype::boolean},
     .roundings = rounding::doubling_high_half_away},
};
inline constexpr form qnn_binary_forms[] = {
    {.in = {eight_bit, like(0)}, .out = {like(0)}, .roundings = rounding::doubling_high_half_away},
};

template <binary_op Op, bool Quantized>
constexpr op_def binary_def(std::string_view name, std::string_view summary,
                            std::span<const form> forms) {
  constexpr bool raw = !Quantized || Op == binary_op::minimum || Op == binary_op::maximum;
  return {
      .name = name,
      .summary = summary,
      .min_inputs = 2,
      .max_inputs = 2,
      .forms = forms,
      .shape = &binary_op_shape,
      .memory = &params_only<binary_params>,
      .prepare = &binary_prepare<Op, Quantized>,
      .decide = raw ? nullptr : &laws::tflite_integers,
  };
}

inline constexpr op_def minimum =
    binary_def<binary_op::minimum, false>("minimum", "the smaller of two", plain_binary_forms);
inline constexpr op_def maximum =
    binary_def<binary_op::maximum, false>("maximum", "the larger of two", plain_binary_forms);
inline constexpr op_def equal =
    binary_def<binary_op::equal, false>("equal", "a == b", equality_forms);
inline constexpr op_def not_equal =
    binary_def<binary_op::not_equal, false>("not_equal", "a != b", equality_forms);
inline constexpr op_def less = binary_def<binary_op::less, false>("less", "a < b", order_forms);
inline constexpr op_def less_equal =
    binary_def<binary_op::less_equal, false>("less_equal", "a <= b", order_forms);
inline constexpr op_def greater =
    binary_def<binary_op::greater, false>("greater", "a > b", order_forms);
inline constexpr op_def greater_equal =
    binary_def<binary_op::greater_equal, false>("greater_equal", "a >= b", order_forms);
inline constexpr op_def logical_and =
    binary_def<binary_op::logical_and, false>("logical_and", "a and b", logic_forms);
inline constexpr op_def logical_or =
    binary_def<binary_op::logical_or, false>("logical_or", "a or b", logic_forms);
inline constexpr op_def squared_difference = binary_def<binary_op::squared_difference, false>(
    "squared_difference", "(a - b) * (a - b)", plain_binary_forms);
inline constexpr op_def div = binary_def<binary_op::div, false>("div", "a / b", plain_binary_forms);
inline constexpr op_def floor_div =
    binary_def<binary_op::floor_div, false>("floor_div", "a / b, rounded down", plain_binary_forms);
inline constexpr op_def floor_mod = binary_def<binary_op::floor_mod, false>(
    "floor_mod", "a - floor_div(a, b) * b", plain_binary_forms);
inline constexpr op_def qnn_minimum = binary_def<binary_op::minimum, true>(
    "qnn.minimum", "the smaller of two of quantized values", qnn_extreme_forms);
inline constexpr op_def qnn_maximum = binary_def<binary_op::maximum, true>(
    "qnn.maximum", "the larger of two of quantized values", qnn_extreme_forms);
inline constexpr op_def qnn_equal = binary_def<binary_op::equal, true>(
    "qnn.equal", "a == b of quantized values", qnn_comparison_forms);
inline constexpr op_def qnn_not_equal = binary_def<binary_op::not_equal, true>(
    "qnn.not_equal", "a != b of quantized values", qnn_comparison_forms);
inline constexpr op_def qnn_less = binary_def<binary_op::less, true>(
    "qnn.less", "a < b of quantized values", qnn_comparison_forms);
inline constexpr op_def qnn_less_equal = binary_def<binary_op::less_equal, true>(
    "qnn.less_equal", "a <= b of quantized values", qnn_comparison_forms);
inline constexpr op_def qnn_greater = binary_def<binary_op::greater, true>(
    "qnn.greater", "a > b of quantized values", qnn_comparison_forms);
inline constexpr op_def qnn_greater_equal = binary_def<binary_op::greater_equal, true>(
    "qnn.greater_equal", "a >= b of quantized values", qnn_comparison_forms);
inline constexpr op_def qnn_squared_difference = binary_def<binary_op::squared_difference, true>(
    "qnn.squared_difference", "(a - b) * (a - b) of quantized values", qnn_binary_forms);
inline constexpr op_def qnn_div =
    binary_def<binary_op::div, true>("qnn.div", "a / b of quantized values", qnn_binary_forms);
}  // namespace ops

// ---- select ----

/// y = condition ? a : b, all broadcast; a, b and y have one type and equal quantization.
struct select_params {
  dtype type = dtype::f32;
  broadcast_plan<3> shape;
};
namespace reference {
inline void select_kernel(const kernel_args& k) noexcept {
  const auto& p = *static_cast<const select_params*>(k.params);
  const auto r = part_of(p.shape.count, k.part, k.parts);
  const auto* c = static_cast<const std::uint8_t*>(k.in[0]);
  with_size(p.type, [&]<class T>(type_tag<T>) {
    const auto *a = static_cast<const T*>(k.in[1]), *b = static_cast<const T*>(k.in[2]);
    auto* y = static_cast<T*>(k.out[0]);
    for_each_broadcast(p.shape, r.begin, r.end, [&](std::size_t i, const auto& at) {
      y[i] = c[at[0]] ? a[at[1]] : b[at[2]];
    });
  });
}
}  // namespace reference
namespace ops {
constexpr status select_op_shape(const node_view& n, std::span<dims> out) {
  const shape_or ab = binary_shape(n.in[1].shape, n.in[2].shape);
  if (ab.broken) return ab.broken;
  return set_shape(out, binary_shape(n.in[0].shape, ab.shape));
}
inline status select_prepare(const node_view& n, prepared& to) {
  auto& p = to.make<select_params>(&reference::select_kernel);
  for (std::size_t i : {std::size_t{1}, std::size_t{2}})
    if (n.in[i].quantized() && !n.in[i].same_quantization(n.out[0]))
      return unsupported("select of different scales", {}, "equal scales and zero points");
  p.type = n.out[0].type;
  p.shape = make_broadcast<3>({n.in[0].shape, n.in[1].shape, n.in[2].shape}, n.out[0].shape);
  return unit{};
}
inline constexpr form select_forms[] = {
    {.in = {dtype::boolean, all_types, like(1)}, .out = {like(1)}},
};
inline constexpr op_def select{
    .name = "select",
    .summary = "condition ? a : b",
    .min_inputs = 3,
    .max_inputs = 3,
    .forms = select_forms,
    .shape = &select_op_shape,
    .memory = &params_only<select_params>,
    .prepare = &select_prepare,
};
}  // namespace ops

// ---- cast ----

/// Numbers to another element type: floats truncate toward zero and saturate (NaN: 0), integers
/// wrap, bool is v != 0.
struct cast_params {
  dtype in_type, out_type;
  std::size_t count = 0;
};
namespace numerics {
template <class Y, class X> constexpr Y cast_value(X v) noexcept {
  if constexpr (std::is_same_v<Y, bool>) {
    return v != X{};
  } else if constexpr (std::is_floating_point_v<X> && std::is_integral_v<Y>) {
    const double d = trunc(static_cast<double>(v));
    if (!(d == d)) return 0;
    if (d <= static_cast<double>(std::numeric_limits<Y>::min()))
      return std::numeric_limits<Y>::min();
    if (d >= static_cast<double>(std::numeric_limits<Y>::max()))
      return std::numeric_limits<Y>::max();
    return static_cast<Y>(d);
  } else {
    return static_cast<Y>(v);
  }
}
}  // namespace numerics
namespace reference {
template <class F> constexpr bool with_castable(dtype t, F&& f) {
  switch (t) {
    case dtype::f64: return f(type_tag<double>{}), true;
    case dtype::boolean: return f(type_tag<bool>{}), true;
    case dtype::u32: return f(type_tag<std::uint32_t>{}), true;
    case dtype::u64: return f(type_tag<std::uint64_t>{}), true;
    case dtype::f32:
    case dtype::s8:
    case dtype::u8:
    case dtype::s16:
    case dtype::u16:
    case dtype::s32:
    case dtype::s64: return with_number(t, f);
    case dtype::f16: return false;
  }
  return false;
}
inline void cast_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const cast_params*>(a.params);
  const auto r = part_of(p.count, a.part, a.parts);
  with_castable(p.in_type, [&]<class X>(type_tag<X>) {
    with_castable(p.out_type, [&]<class Y>(type_tag<Y>) {
      const auto* x = static_cast<const X*>(a.in[0]);
      auto* y = static_cast<Y*>(a.out[0]);
      for (std::size_t i = r.begin; i < r.end; ++i) y[i] = numerics::cast_value<Y>(x[i]);
    });
  });
}
}  // namespace reference
namespace ops {
inline status cast_prepare(const node_view& n, prepared& to) {
  auto& p = to.make<cast_params>(&reference::cast_kernel);
  p.in_type = n.in[0].type, p.out_type = n.out[0].type;
  p.count = n.in[0].shape.elements().value;
  return unit{};
}
inline constexpr type_set castable_types =
    number_types | type_set{dtype::f64, dtype::u32, dtype::u64, dtype::boolean};
inline constexpr form cast_forms[] = {
    {.in = {castable_types}, .out = {castable_types}},
};
inline constexpr op_def cast{
    .name = "cast",
    .summary = "numbers to another element type",
    .forms = cast_forms,
    .shape = &same_op_shape,
    .memory = &params_only<cast_params>,
    .prepare = &cast_prepare,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/concat.hpp
// qnn.concat and concat: inputs one after the other along an axis; inputs of another scale go
// through a table.


OCTET_NAMESPACE_BEGIN

struct concat_attrs {
  std::int32_t axis = 0;  // may be negative
  static constexpr auto fields = std::tuple{field{"axis", &concat_attrs::axis}};
};

struct concat_params {
  std::size_t inputs = 0;
  std::size_t outer = 1;               // extents before the axis
  std::size_t row_bytes = 0;           // output bytes per outer index
  const std::size_t* bytes = nullptr;  // per input: bytes per outer index
  const std::uint8_t* const* table =
      nullptr;  // per input: 256 entries indexed by the raw byte, or null: copy
};

constexpr shape_or concat_shape(std::int32_t axis, std::span<const tensor_desc> in) {
  if (in.empty()) return violation{rule::input_count, dims{1}, dims{0}};
  dims y = in[0].shape;
  if (axis < -y.rank || axis >= y.rank)
    return violation{rule::axis, dims{-y.rank, y.rank - 1}, dims{axis}};
  if (axis < 0) axis += y.rank;
  std::int64_t sum = 0;
  for (const tensor_desc& t : in) {
    if (t.shape.rank != y.rank) return violation{rule::rank, y, t.shape};
    for (int i = 0; i < y.rank; ++i)
      if (i != axis && t.shape[i] != y[i]) return violation{rule::shapes_differ, y, t.shape};
    sum += t.shape[axis];
  }
  if (sum > INT32_MAX) return violation{rule::budget, dims{INT32_MAX}, y};
  y[axis] = static_cast<std::int32_t>(sum);
  return y;
}

namespace numerics {
/// One value of a concatenation from scale sx, zero point zx to sy, zy.
/// AWAY (TFLite uint8): r = f32(sx * f32(1 / sy)), rha(f32(f32(q * r) + f32(-zx * r))) + zy.
/// EVEN_MUL (PyTorch), EVEN (ONNX Runtime): dequantize, quantize. F, MXN: rint(f32(q * ratio)).
constexpr std::int32_t concat_value(rounding mode, std::int32_t q, float sx, std::int32_t zx,
                                    float sy, std::int32_t zy, float ratio, std::int32_t lo,
                                    std::int32_t hi) noexcept {
  if (mode == rounding::divide_half_away) {
    const float r = mul(sx, div(1.f, sy));
    return clamp_to_int(round_half_away(static_cast<double>(
                            add(mul(static_cast<float>(q), r), mul(-static_cast<float>(zx), r)))) +
                            zy,
                        lo, hi);
  }
  if (mode == rounding::float_half_even || mode == rounding::mxnet)
    return clamp_to_int(static_cast<double>(scaled_half_even(q, ratio)), lo, hi);
  const float real = mul(static_cast<float>(q - zx), sx);
  return mode == rounding::divide_half_even ? quantize_even(real, sy, zy, lo, hi)
                                            : quantize_even_mul(real, div(1.f, sy), zy, lo, hi);
}
}  // namespace numerics

namespace reference {
inline void concat_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const concat_params*>(a.params);
  const auto r = part_of(p.outer, a.part, a.parts);
  auto* y = static_cast<std::uint8_t*>(a.out[0]);
  std::size_t at = 0;
  for (std::size_t k = 0; k < p.inputs; ++k) {
    const auto* x = static_cast<const std::uint8_t*>(a.in[k]);
    for (std::size_t o = r.begin; o < r.end && p.bytes[k] != 0; ++o) {
      const std::uint8_t* from = x + o * p.bytes[k];
      std::uint8_t* to = y + o * p.row_bytes + at;
      if (const std::uint8_t* t = p.table[k]) {
        for (std::size_t i = 0; i < p.bytes[k]; ++i) to[i] = t[from[i]];
      } else {
        std::memcpy(to, from, p.bytes[k]);
      }
    }
    at += p.bytes[k];
  }
}
}  // namespace reference

namespace ops {
constexpr status concat_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, concat_shape(read_attributes<concat_attrs>(*n.attrs).axis, n.in));
}
/// PyTorch's formula runs even where the parameters are equal; the others copy there.
constexpr bool concat_rescales(const tensor_desc& x, const tensor_desc& y, rounding r) {
  return r != rounding::none && (r == rounding::reciprocal_half_even || !x.same_quantization(y));
}
template <bool Quantized> constexpr void concat_memory(const node_view& n, node_memory& to) {
  to.make<concat_params>();
  to.array<std::size_t>(n.in.size());
  to.array<const std::uint8_t*>(n.in.size());
  for (const tensor_desc& x : n.in)
    if (Quantized && concat_rescales(x, n.out[0], n.round)) to.array<std::uint8_t>(256);
}
template <bool Quantized> status concat_prepare(const node_view& n, prepared& to) {
  const tensor_desc& y = n.out[0];
  auto& p = to.make<concat_params>(&reference::concat_kernel);
  std::int32_t axis = read_attributes<concat_attrs>(*n.attrs).axis;
  if (axis < 0) axis += y.shape.rank;
  for (int i = 0; i < axis; ++i) p.outer *= static_cast<std::size_t>(y.shape[i]);
  std::size_t inner = size_of(y.type);
  for (int i = axis + 1; i < y.shape.rank; ++i) inner *= static_cast<std::size_t>(y.shape[i]);
  p.inputs = n.in.size();
  p.row_bytes = inner * static_cast<std::size_t>(y.shape[axis]);
  auto bytes = to.array<std::size_t>(p.inputs);
  auto table = to.array<const std::uint8_t*>(p.inputs);
  const auto clamp = clamp_of(*n.attrs, y.type);
  for (std::size_t k = 0; k < p.inputs; ++k) {
    const tensor_desc& x = n.in[k];
    bytes[k] = inner * static_cast<std::size_t>(x.shape[axis]);
    if (!Quantized || n.round == rounding::none) {
      if (Quantized && !x.same_quantization(y))
        return invalid("concat without a rounding needs equal quantization throughout");
      continue;
    }
    if (!concat_rescales(x, y, n.round)) continue;
    if (!is_8bit(x.type) || x.per_channel())
      return unsupported("concat of different scales on " + std::string(name_of(x.type)), {},
                         "uint8 or int8, one scale per tensor");
    float ratio = n.round == rounding::mxnet ? numerics::rescale_by_levels(x.scale(), y.scale())
                                             : numerics::div(x.scale_f32(), y.scale_f32());
    if (const auto list = n.attrs->reals("ratios"); k < list.size())
      ratio = static_cast<float>(list[k]);
    auto t = to.array<std::uint8_t>(256);
    for (std::int32_t raw = 0; raw < 256; ++raw) {
      const std::int32_t q = x.type == dtype::s8 ? static_cast<std::int8_t>(raw) : raw;
      t[static_cast<std::size_t>(raw)] = static_cast<std::uint8_t>(
          numerics::concat_value(n.round, q, x.scale_f32(), x.zero_point(), y.scale_f32(),
                                 y.zero_point(), ratio, clamp.lo, clamp.hi));
    }
    table[k] = t.data();
  }
  p.bytes = bytes.data();
  p.table = table.data();
  return unit{};
}
/// pack: inputs of one shape become the slices along a new axis; no rounding.
constexpr status pack_op_shape(const node_view& n, std::span<dims> out) {
  const dims& x = n.in[0].shape;
  const std::int32_t given = read_attributes<concat_attrs>(*n.attrs).axis,
                     axis = given < 0 ? given + x.rank + 1 : given;
  if (axis < 0 || axis > x.rank || x.rank >= dims::max_rank)
    return violation{rule::axis, dims{-x.rank - 1, x.rank}, dims{given}};
  for (const tensor_desc& t : n.in)
    if (!(t.shape == x)) return violation{rule::shapes_differ, x, t.shape};
  dims y;
  for (int i = 0; i <= x.rank; ++i) {
    if (i == axis) y.push_back(static_cast<std::int32_t>(n.in.size()));
    if (i < x.rank) y.push_back(x[i]);
  }
  out[0] = y;
  return unit{};
}
constexpr void pack_memory(const node_view& n, node_memory& to) { concat_memory<false>(n, to); }
inline status pack_prepare(const node_view& n, prepared& to) {
  const tensor_desc& y = n.out[0];
  auto& p = to.make<concat_params>(&reference::concat_kernel);
  const dims& x = n.in[0].shape;
  const std::int32_t given = read_attributes<concat_attrs>(*n.attrs).axis,
                     axis = given < 0 ? given + x.rank + 1 : given;
  std::size_t inner = size_of(y.type);
  for (int i = 0; i < axis; ++i) p.outer *= static_cast<std::size_t>(x[i]);
  for (int i = axis; i < x.rank; ++i) inner *= static_cast<std::size_t>(x[i]);
  p.inputs = n.in.size();
  p.row_bytes = inner * p.inputs;
  auto bytes = to.array<std::size_t>(p.inputs);
  for (std::size_t k = 0; k < p.inputs; ++k) bytes[k] = inner;
  p.bytes = bytes.data();
  p.table = to.array<const std::uint8_t*>(p.inputs).data();
  return unit{};
}
inline constexpr op_def pack{
    .name = "pack",
    .summary = "inputs as the slices along a new axis",
    .min_inputs = 1,
    .max_inputs = -1,
    .forms = movement_forms,
    .shape = &pack_op_shape,
    .memory = &pack_memory,
    .prepare = &pack_prepare,
};
/// No rounding: all of one quantization.
inline constexpr form qnn_concat_forms[] = {
    {.in = {integer_types, like(0)}, .out = {like(0)}},
    {.in = {eight_bit, like(0)},
     .out = {like(0)},
     .roundings = {rounding::divide_half_away, rounding::divide_half_even,
                   rounding::reciprocal_half_even, rounding::float_half_even, rounding::mxnet}},
    // Of one quantization only.
    {.in = {dtype::s16, like(0)},
     .out = {like(0)},
     .roundings = {rounding::divide_half_away, rounding::divide_half_even,
                   rounding::float_half_even}},
};
/// Attribute "ratios": with rounding F, one factor per input.
inline constexpr op_def qnn_concat{
    .name = "qnn.concat",
    .summary = "quantized inputs along an axis, at one scale",
    .min_inputs = 1,
    .max_inputs = -1,
    .forms = qnn_concat_forms,
    .shape = &concat_op_shape,
    .memory = &concat_memory<true>,
    .prepare = &concat_prepare<true>,
    .decide = &laws::concat,
};
inline constexpr op_def concat{
    .name = "concat",
    .summary = "inputs along an axis",
    .min_inputs = 1,
    .max_inputs = -1,
    .forms = movement_forms,
    .shape = &concat_op_shape,
    .memory = &concat_memory<false>,
    .prepare = &concat_prepare<false>,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/dequantize.hpp
// qnn.dequantize: quantized values (or binary16 numbers) to float32, per tensor or per channel on
// any axis.


OCTET_NAMESPACE_BEGIN

/// Input u8, s8, s16, u16, s32 or f16, output float32. Channel of element i: i / inner % channels.
struct dequantize_params {
  rounding mode =
      rounding::none;  // none: f32((q - z) * s), one rounding; OPT: TFLite's optimized formula
  dtype in_type = dtype::u8;
  std::size_t count = 0;
  std::int32_t channels = 1;
  std::size_t inner = 1;
  const float* scale = nullptr;              // one per channel
  const std::int32_t* zero_point = nullptr;  // one per channel
};

namespace numerics {
/// The value of a binary16 number: exact.
constexpr float from_f16(std::uint16_t h) noexcept {
  const std::uint32_t sign = static_cast<std::uint32_t>(h & 0x8000u) << 16,
                      exponent = h >> 10 & 31u;
  std::uint32_t fraction = h & 1023u;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000u | fraction << 13);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  if (fraction == 0) return std::bit_cast<float>(sign);
  const int up =
      std::countl_zero(fraction) - 21;  // normalizing shift: bit 10 becomes the hidden one
  fraction = fraction << up & 1023u;
  return std::bit_cast<float>(sign | static_cast<std::uint32_t>(113 - up) << 23 | fraction << 13);
}
/// f32((q - z) * s). Exact difference; for 32-bit values it is rounded to binary32 before the
/// product.
constexpr float dequantize(std::int64_t q, std::int32_t z, float s) noexcept {
  return mul(static_cast<float>(q - z), s);
}
}  // namespace numerics

namespace reference {
template <class In>
constexpr void dequantize(const dequantize_params& p, const In* x, float* y, std::size_t begin,
                          std::size_t end) {
  const std::size_t blocks = p.mode == rounding::tflite_optimized ? p.count / 8 * 8 : 0;
  for (std::size_t i = begin; i < end; ++i) {
    const std::size_t c = p.channels == 1 ? 0 : i / p.inner % static_cast<std::size_t>(p.channels);
    if (i < blocks)
      y[i] = numerics::add(numerics::mul(static_cast<float>(x[i]), p.scale[c]),
                           static_cast<float>(numerics::mul(-static_cast<double>(p.zero_point[c]),
                                                            static_cast<double>(p.scale[c]))));
    else
      y[i] = numerics::dequantize(x[i], p.zero_point[c], p.scale[c]);
  }
}
inline void dequantize_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const dequantize_params*>(a.params);
  const auto r = part_of(p.count, a.part, a.parts);
  auto* y = static_cast<float*>(a.out[0]);
  if (p.in_type == dtype::f16) {
    const auto* x = static_cast<const std::uint16_t*>(a.in[0]);
    for (std::size_t i = r.begin; i < r.end; ++i) y[i] = numerics::from_f16(x[i]);
    return;
  }
  with_integer(p.in_type, [&]<class In>(type_tag<In>) {
    dequantize(p, static_cast<const In*>(a.in[0]), y, r.begin, r.end);
  });
}
}  // namespace reference

namespace ops {
constexpr void dequantize_memory(const node_view& n, node_memory& to) {
  to.make<dequantize_params>();
  to.array<float>(channel_count(n.in[0]));
  to.array<std::int32_t>(channel_count(n.in[0]));
}
inline status dequantize_prepare(const node_view& n, prepared& to) {
  const tensor_desc& x = n.in[0];
  auto& p = to.make<dequantize_params>(&reference::dequantize_kernel, kernel_id::dequantize);
  if (x.type != dtype::f16 && !x.quantized())
    return invalid("the input of dequantize has no scale");
  const auto layout = channels_of(x);
  if (!layout) return layout.error();
  p.mode = n.round;
  p.in_type = x.type;
  p.count = x.shape.elements().value;
  p.channels = layout->channels;
  p.inner = layout->inner;
  auto scale = to.array<float>(static_cast<std::size_t>(p.channels));
  auto zero_point = to.array<std::int32_t>(static_cast<std::size_t>(p.channels));
  for (std::size_t c = 0; c < scale.size(); ++c) {
    scale[c] = x.scale_f32(c);
    zero_point[c] = x.zero_point(c);
  }
  p.scale = scale.data();
  p.zero_point = zero_point.data();
  return unit{};
}
inline constexpr form dequantize_forms[] = {
    {.in = {rescaled_types},
     .out = {dtype::f32},
     .roundings = {rounding::none, rounding::tflite_optimized}},
    {.in = {dtype::f16}, .out = {dtype::f32}},
};
inline constexpr op_def dequantize{
    .name = "qnn.dequantize",
    .summary = "quantized values to float32",
    .forms = dequantize_forms,
    .kernel = kernel_id::dequantize,
    .shape = &same_op_shape,
    .memory = &dequantize_memory,
    .prepare = &dequantize_prepare,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/laws/dynamic.hpp
// Dynamic-range layers: float activations quantized at run time, 8-bit weights, float results.


OCTET_NAMESPACE_BEGIN
namespace laws {

enum class dynamic_layer : std::uint8_t { conv2d, depthwise_conv2d, fully_connected };

/// What one dynamic-range layer is.
struct dynamic_facts {
  law arithmetic = law::tflite_ref;
  dynamic_layer layer = dynamic_layer::fully_connected;
  bool per_channel = false;      // scales of the weights
  bool asks_zero_point = false;  // TFLite's asymmetric_quantize_inputs of a fully connected layer
  bool pointwise = false;        // a 1x1 window of stride 1 without padding
  std::int64_t images = 1;       // convolutions: extent of the batch
  std::int64_t vectors = 1;      // pixels of all images; fully connected: rows
  std::int64_t products = 0;     // in one accumulator
};
/// How it is computed.
struct dynamic_decision {
  decision quantize, dequantize;  // of qnn.dynamic_quantize and qnn.dynamic_dequantize
  bool asymmetric;                // a zero point per row, taken off: values are int16
  bool scales_first;              // acc * (row * channel); else (acc * channel) * row
  std::int64_t rows;              // parts of the input that have a scale each
  dtype accumulator;
};

/// qnn.dynamic_quantize and qnn.dynamic_dequantize. XNNPACK takes all layers but depthwise ones.
constexpr decision dynamic_quantize(const facts& f) {
  const bool taken = !f.framework.depthwise;
  return choose(f.arithmetic, {.tflite_ref = rounding::divide_half_away,
                               .tflite_xnnpack = taken ? by_xnnpack(rounding::xnnpack)
                                                       : decision(rounding::divide_half_away),
                               .pytorch_fbgemm = by_pytorch(rounding::aten),
                               .pytorch_qnnpack = by_pytorch(rounding::aten),
                               .mxnet = no_operator()});
}
/// FBGEMM and XNNPACK fuse the bias into a multiply-add, each in its own order.
constexpr decision dynamic_dequantize(const facts& f) {
  const bool taken = !f.framework.depthwise;
  return choose(f.arithmetic,
                {.tflite_ref = rounding::none,
                 .tflite_xnnpack = taken ? by_xnnpack(rounding::xnnpack) : decision(rounding::none),
                 .pytorch_fbgemm = by_pytorch(rounding::aten),
                 .pytorch_qnnpack = by_pytorch(rounding::none),
                 .mxnet = no_operator()});
}

/// TFLite's reference gives each image one scale, with a zero point where the weights are per
/// channel; depthwise layers always have one, fully connected ones where their options ask for it.
/// XNNPACK always has one, and for a pointwise convolution every pixel is a row. PyTorch's linear
/// layers have one row.
constexpr dynamic_decision dynamic(const dynamic_facts& d) {
  const bool depthwise = d.layer == dynamic_layer::depthwise_conv2d,
             dense = d.layer == dynamic_layer::fully_connected, pytorch = is_pytorch(d.arithmetic),
             xnnpack = d.arithmetic == law::tflite_xnnpack && !depthwise;
  facts f;
  f.arithmetic = d.arithmetic;
  f.framework.depthwise = depthwise;
  dynamic_decision r{dynamic_quantize(f), dynamic_dequantize(f), false, false, 1, dtype::s32};
  if (pytorch) {
    r.asymmetric = true;
    r.scales_first = d.arithmetic == law::pytorch_qnnpack;
  } else {
    r.asymmetric = xnnpack || depthwise || (dense ? d.asks_zero_point : d.per_channel);
    r.scales_first = d.arithmetic == law::tflite_ref && (dense || depthwise || !d.per_channel);
    r.rows = dense || (xnnpack && d.pointwise) ? d.vectors : d.images;
  }
  // |q| < 2^15 and |w| <= 2^7 bound a sum of up to 511 products; int8 rows are bounded far beyond
  // any real layer.
  if (d.products > (r.asymmetric ? 511 : 130000)) r.accumulator = dtype::s64;
  return r;
}

}  // namespace laws
OCTET_NAMESPACE_END

// ---- octet/ops/dynamic.hpp
// Dynamic-range layers: float activations are quantized row by row at run time, accumulated against
// 8-bit weights, scaled back to float. qnn.dynamic_quantize -> an accumulating operator (rounding
// none) -> qnn.dynamic_dequantize.


OCTET_NAMESPACE_BEGIN

struct dynamic_quantize_attrs {
  std::int32_t rows =
      1;  // the input in memory order is this many rows of equal length, each with its own scale
  bool asymmetric =
      false;  // a zero point per row; it is subtracted from the output, which therefore is int16
  bool reduce_range = false;  // ATEN: 7 bits
  static constexpr auto fields =
      std::tuple{field{"rows", &dynamic_quantize_attrs::rows},
                 field{"asymmetric", &dynamic_quantize_attrs::asymmetric},
                 field{"reduce_range", &dynamic_quantize_attrs::reduce_range}};
};
/// Outputs: x / scale as int8 in [-127, 127] (asymmetric: int16 in [-255, 255], the zero point
/// taken off), shape of x; scale float32 [rows].
struct dynamic_quantize_params {
  std::size_t rows = 1, length = 0;
  bool asymmetric = false, reduce_range = false;
  rounding mode = rounding::divide_half_away;  // AWAY: TFLite; XNN: XNNPACK (asymmetric only, ties
                                               // to even); ATEN: PyTorch (asymmetric only)
};

namespace numerics {
/// TFLite's choice for one row, in binary32 throughout. A row of zeros has scale 1.
struct row_scale {
  float scale = 1, inverse = 1;
  std::int32_t zero_point = 0;
  bool zero = true;
};
constexpr row_scale symmetric_scale(float least, float most) noexcept {
  const float a = least < 0 ? -least : least, b = most < 0 ? -most : most, range = a < b ? b : a;
  if (!(range > 0)) return {};
  return {div(range, 127.f), div(127.f, range), 0, false};
}
constexpr row_scale asymmetric_scale(float least, float most) noexcept {
  const float lo = least < 0 ? least : 0.f, hi = most > 0 ? most : 0.f;
  if (!(lo < hi)) return {};
  const float scale = div(sub(hi, lo), 255.f), below = div(lo, scale), above = div(hi, scale);
  const float from_min = sub(-128.f, below), from_max = sub(127.f, above);
  const float error_min = sub(128.f, below),
              error_max = add(127.f, above);  // |-128| + |below|, |127| + |above|
  const float zero = error_min < error_max ? from_min : from_max;
  return {scale, div(1.f, scale),
          zero <= -128.f  ? -128
          : zero >= 127.f ? 127
                          : static_cast<std::int32_t>(round_half_away(static_cast<double>(zero))),
          false};
}
/// XNNPACK's choice: the reciprocal is formed first.
constexpr row_scale asymmetric_scale_xnn(float least, float most) noexcept {
  const float lo = least < 0 ? least : 0.f, hi = most > 0 ? most : 0.f;
  const float up = lo == hi ? 1.f : div(255.f, sub(hi, lo)), below = mul(lo, up),
              above = mul(hi, up);
  const float zero =
      add(add(-128.f, below), add(127.f, above)) > 0 ? sub(-128.f, below) : sub(127.f, above);
  const float scale = div(1.f, up);
  return {scale, div(1.f, scale), clamp_to_int(static_cast<double>(rint(zero)), -128, 127), false};
}
/// PyTorch's choice, in binary64: the scale spans 0 to 255 (reduce_range: 127), the zero point
/// comes from the end that has the smaller error.
constexpr row_scale asymmetric_scale_aten(float least, float most, bool reduce_range) noexcept {
  const double lo = least < 0 ? static_cast<double>(least) : 0.,
               hi = most > 0 ? static_cast<double>(most) : 0., steps = reduce_range ? 127. : 255.;
  double scale = div(sub(hi, lo), steps);
  if (!(static_cast<float>(scale) > 0) || div(1.f, static_cast<float>(scale)) > 3.4028234e38f)
    scale = 0.1;
  const double below = div(lo, scale), above = div(hi, scale),
               zero = -below < add(steps, above) ? -below : sub(steps, above);
  const auto s = static_cast<float>(scale);
  return {s, div(1.f, s), clamp_to_int(rint(zero), 0, static_cast<std::int32_t>(steps)), false};
}
}  // namespace numerics

namespace reference {
inline void dynamic_quantize_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const dynamic_quantize_params*>(a.params);
  const auto r = part_of(p.rows, a.part, a.parts);
  for (std::size_t row = r.begin; row < r.end; ++row) {
    const float* x = static_cast<const float*>(a.in[0]) + row * p.length;
    float least = p.length ? x[0] : 0, most = least;
    for (std::size_t i = 1; i < p.length; ++i) {
      least = x[i] < least ? x[i] : least;
      most = x[i] > most ? x[i] : most;
    }
    const numerics::row_scale s =
        p.mode == rounding::aten      ? numerics::asymmetric_scale_aten(least, most, p.reduce_range)
        : p.mode == rounding::xnnpack ? numerics::asymmetric_scale_xnn(least, most)
        : p.asymmetric                ? numerics::asymmetric_scale(least, most)
                                      : numerics::symmetric_scale(least, most);
    static_cast<float*>(a.out[1])[row] = s.scale;
    for (std::size_t i = 0; i < p.length; ++i) {
      const float v = numerics::mul(x[i], s.inverse);
      if (p.mode == rounding::aten) {
        static_cast<std::int16_t*>(a.out[0])[row * p.length + i] =
            static_cast<std::int16_t>(numerics::clamp_to_int(static_cast<double>(numerics::rint(v)),
                                                             -s.zero_point, 255 - s.zero_point));
      } else if (p.mode == rounding::xnnpack) {
        static_cast<std::int16_t*>(a.out[0])[row * p.length + i] =
            static_cast<std::int16_t>(numerics::clamp_to_int(
                static_cast<double>(numerics::rint(v)), -128 - s.zero_point, 127 - s.zero_point));
      } else if (p.asymmetric) {
        const std::int32_t q =
            s.zero
                ? 0
                : numerics::clamp_to_int(numerics::round_half_away(static_cast<double>(
                                             numerics::add(static_cast<float>(s.zero_point), v))),
                                         -128, 127) -
                      s.zero_point;
        static_cast<std::int16_t*>(a.out[0])[row * p.length + i] = static_cast<std::int16_t>(q);
      } else {
        static_cast<std::int8_t*>(a.out[0])[row * p.length + i] = static_cast<std::int8_t>(
            s.zero ? 0
                   : numerics::clamp_to_int(numerics::round_half_away(static_cast<double>(v)), -127,
                                            127));
      }
    }
  }
}
}  // namespace reference
namespace ops {
constexpr status dynamic_quantize_op_shape(const node_view& n, std::span<dims> out) {
  const auto a = read_attributes<dynamic_quantize_attrs>(*n.attrs);
  const std::size_t count = n.in[0].shape.elements().value;
  if (a.rows < 1 || count % static_cast<std::size_t>(a.rows) != 0)
    return violation{rule::value, n.in[0].shape, dims{a.rows}};
  out[0] = n.in[0].shape;
  out[1] = dims{a.rows};
  return unit{};
}
inline status dynamic_quantize_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<dynamic_quantize_attrs>(*n.attrs);
  auto& p = to.make<dynamic_quantize_params>(&reference::dynamic_quantize_kernel);
  if (a.asymmetric != (n.out[0].type == dtype::s16))
    return invalid("quantized values", std::string(name_of(n.out[0].type)),
                   "int16 where they are asymmetric, else int8");
  p.reduce_range = a.reduce_range;
  p.mode = n.round;
  p.rows = static_cast<std::size_t>(a.rows);
  p.length = n.in[0].shape.elements().value / p.rows;
  p.asymmetric = a.asymmetric;
  return unit{};
}
/// Asymmetric values are int16: the zero point is taken off.
inline constexpr form dynamic_quantize_forms[] = {
    {.in = {dtype::f32}, .out = {dtype::s8, dtype::f32}, .roundings = rounding::divide_half_away},
    {.in = {dtype::f32},
     .out = {dtype::s16, dtype::f32},
     .roundings = {rounding::divide_half_away, rounding::xnnpack, rounding::aten}},
};
inline constexpr op_def dynamic_quantize{
    .name = "qnn.dynamic_quantize",
    .summary = "float32 to 8 bits, a scale for each row chosen when it runs",
    .outputs = 2,
    .forms = dynamic_quantize_forms,
    .shape = &dynamic_quantize_op_shape,
    .memory = &params_only<dynamic_quantize_params>,
    .prepare = &dynamic_quantize_prepare,
    .decide = &laws::dynamic_quantize,
};
}  // namespace ops

/// Inputs: accumulators int32 or int64 [..., C], row scales [rows], bias float32 [C] (optional).
/// The accumulators' own scales are those of the weights (one, or one per channel on the last
/// axis).
struct dynamic_dequantize_attrs {
  bool scales_first = false;  // f32(acc * f32(row * channel)); else f32(f32(acc * channel) * row)
  static constexpr auto fields =
      std::tuple{field{"scales_first", &dynamic_dequantize_attrs::scales_first}};
};
struct dynamic_dequantize_params {
  dtype in_type = dtype::s32;
  std::size_t rows = 1, length = 0;  // elements per row
  std::size_t channels = 1;
  bool scales_first = false;
  bool fused = false;             // XNN: fma(f32(acc * row), channel, bias)
  bool aten = false;              // ATEN: fma(acc, f32(row * channel), bias)
  const float* scales = nullptr;  // one per channel
  float min = 0, max = 0;
};
namespace reference {
inline void dynamic_dequantize_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const dynamic_dequantize_params*>(a.params);
  const auto r = part_of(p.rows * p.length, a.part, a.parts);
  const auto* rows = static_cast<const float*>(a.in[1]);
  const auto* bias = static_cast<const float*>(a.in[2]);
  auto* y = static_cast<float*>(a.out[0]);
  const auto run = [&](const auto* x) {
    for (std::size_t i = r.begin; i < r.end; ++i) {
      const std::size_t c = i % p.channels;
      const float acc = static_cast<float>(x[i]), row = rows[i / p.length];
      if (p.aten) {
        y[i] = numerics::clamp(
            numerics::fma(acc, numerics::mul(row, p.scales[c]), bias ? bias[c] : 0.f), p.min,
            p.max);
        continue;
      }
      if (p.fused) {
        y[i] = numerics::clamp(
            numerics::fma(numerics::mul(acc, row), p.scales[c], bias ? bias[c] : 0.f), p.min,
            p.max);
        continue;
      }
      const float v = p.scales_first ? numerics::mul(acc, numerics::mul(row, p.scales[c]))
                                     : numerics::mul(numerics::mul(acc, p.scales[c]), row);
      y[i] = numerics::clamp(bias ? numerics::add(v, bias[c]) : v, p.min, p.max);
    }
  };
  if (p.in_type == dtype::s32)
    run(static_cast<const std::int32_t*>(a.in[0]));
  else
    run(static_cast<const std::int64_t*>(a.in[0]));
}
}  // namespace reference
namespace ops {
constexpr void dynamic_dequantize_memory(const node_view& n, node_memory& to) {
  const dims& x = n.in[0].shape;
  to.make<dynamic_dequantize_params>();
  to.array<float>(x.rank == 0 ? 1 : static_cast<std::size_t>(x.back(0)));
}
inline status dynamic_dequantize_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &s = n.in[1];
  auto& p = to.make<dynamic_dequantize_params>(&reference::dynamic_dequantize_kernel);
  const std::size_t count = x.shape.elements().value;
  p.in_type = x.type;
  p.rows = s.shape.elements().value;
  p.channels = x.shape.rank == 0 ? 1 : static_cast<std::size_t>(x.shape.back(0));
  if (p.rows == 0 || p.channels == 0 || count % p.rows != 0 || count / p.rows % p.channels != 0)
    return invalid("row scales", std::to_string(p.rows), "a divisor of the rows");
  if (x.per_channel() && x.scales.size() != p.channels)
    return invalid("weight scales", std::to_string(x.scales.size()), std::to_string(p.channels));
  if (n.present(2) && n.in[2].shape.elements().value != p.channels)
    return invalid("bias count", std::to_string(n.in[2].shape.elements().value),
                   std::to_string(p.channels));
  p.fused = n.round == rounding::xnnpack;
  p.aten = n.round == rounding::aten;
  p.length = count / p.rows;
  p.scales_first = read_attributes<dynamic_dequantize_attrs>(*n.attrs).scales_first;
  auto scales = to.array<float>(p.channels);
  for (std::size_t c = 0; c < p.channels; ++c) scales[c] = x.scale_f32(c);
  p.scales = scales.data();
  const auto c = read_attributes<float_clamp_attrs>(*n.attrs);
  p.min = static_cast<float>(c.float_lo), p.max = static_cast<float>(c.float_hi);
  return unit{};
}
inline constexpr form dynamic_dequantize_forms[] = {
    {.in = {accumulator_types, dtype::f32, dtype::f32},
     .out = {dtype::f32},
     .roundings = {rounding::none, rounding::xnnpack, rounding::aten}},
};
inline constexpr op_def dynamic_dequantize{
    .name = "qnn.dynamic_dequantize",
    .summary = "accumulators of dynamically quantized rows to float32",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = dynamic_dequantize_forms,
    .shape = &same_op_shape,
    .memory = &dynamic_dequantize_memory,
    .prepare = &dynamic_dequantize_prepare,
    .decide = &laws::dynamic_dequantize,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/fully_connected.hpp
// qnn.fully_connected: x [batch, K] times w [N, K], fused requantize. The input is flattened to
// [elements / K, K].


OCTET_NAMESPACE_BEGIN

struct fully_connected_attrs {
  bool keep_dims = false;  // output keeps the input's leading extents: [..., N]
  bool f32_product = false;
  static constexpr auto fields =
      std::tuple{field{"keep_dims", &fully_connected_attrs::keep_dims},
                 field{"f32_product", &fully_connected_attrs::f32_product}};
};

struct fully_connected_params {
  std::size_t batch = 0, k = 0;
  std::int32_t n = 0;
  dtype in_type, weight_type, out_type;
  std::int32_t in_zero_point = 0;
  const std::int32_t* weight_zero_points = nullptr;  // one per output; null: all 0
  const void* weights = nullptr;  // [n][k], unpacked; null: dynamic, taken from in[1]
  const std::int32_t* bias32 = nullptr;
  const std::int64_t* bias64 = nullptr;
  bool wide = false;
  requantize_params requant;
  const std::byte* packed = nullptr;
  constexpr std::int64_t bias(std::int32_t c) const {
    return bias32 ? bias32[c] : bias64 ? bias64[c] : 0;
  }
};

namespace kernels {
constexpr gemm_problem problem_of(const fully_connected_params& p) noexcept {
  gemm_problem g;
  g.in_h = g.out_h = static_cast<std::int32_t>(p.batch), g.in_c = static_cast<std::int32_t>(p.k),
  g.out_c = p.n;
  g.in_type = p.in_type, g.weight_type = p.weight_type, g.out_type = p.out_type,
  g.in_zero_point = p.in_zero_point, g.weight_zero_points = p.weight_zero_points,
  g.weights = p.weights;
  g.weight_oc = p.k;
  g.bias32 = p.bias32, g.bias64 = p.bias64, g.wide = p.wide, g.requant = &p.requant;
  return g;
}
}  // namespace kernels

constexpr shape_or fully_connected_shape(const fully_connected_attrs& a, const dims& x,
                                         const dims& w) {
  if (w.rank != 2) return violation{rule::rank, dims{0, 0}, w};
  const std::size_t elements = x.elements().value;
  if (w[1] < 1 || elements % static_cast<std::size_t>(w[1]) != 0 || elements > max_elements)
    return violation{rule::weight_count, dims{w[0], static_cast<std::int32_t>(x.back(0))}, w};
  if (!a.keep_dims)
    return dims{static_cast<std::int32_t>(elements / static_cast<std::size_t>(w[1])), w[0]};
  dims y = x;
  if (y.rank == 0 || y.back(0) != w[1])
    return violation{rule::channels, dims{w[1]}, dims{x.back(0)}};
  y[y.rank - 1] = w[0];
  return y;
}

namespace reference {
template <class In, class W, class Out>
constexpr void fully_connected(const fully_connected_params& p, const In* x, const W* w, Out* y,
                               std::size_t begin, std::size_t end) {
  for (std::size_t b = 0; b < p.batch; ++b)
    for (std::size_t c = begin; c < end; ++c) {
      const auto channel = static_cast<std::int32_t>(c);
      std::int64_t acc = p.requant.mode == rounding::float_bias_half_even ? 0 : p.bias(channel);
      const std::int32_t wz = p.weight_zero_points ? p.weight_zero_points[c] : 0;
      for (std::size_t i = 0; i < p.k; ++i)
        acc += std::int64_t{x[b * p.k + i] - p.in_zero_point} * (std::int32_t{w[c * p.k + i]} - wz);
      Out& to = y[b * static_cast<std::size_t>(p.n) + c];
      if (p.requant.mode == rounding::none)
        to = static_cast<Out>(acc);
      else
        to = static_cast<Out>(numerics::requantize(p.requant, acc, channel));
    }
}
inline void fully_connected_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const fully_connected_params*>(a.params);
  const auto r = part_of(static_cast<std::size_t>(p.n), a.part, a.parts);
  with_quantized(p.in_type, [&]<class In>(type_tag<In>) {
    with_quantized(p.weight_type, [&]<class W>(type_tag<W>) {
      with_integer(p.out_type, [&]<class Out>(type_tag<Out>) {
        fully_connected(p, static_cast<const In*>(a.in[0]), static_cast<const W*>(a.in[1]),
                        static_cast<Out*>(a.out[0]), r.begin, r.end);
      });
    });
  });
}
}  // namespace reference

namespace ops {
constexpr status fully_connected_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, fully_connected_shape(read_attributes<fully_connected_attrs>(*n.attrs),
                                              n.in[0].shape, n.in[1].shape));
}
constexpr void set_fully_connected(fully_connected_params& p, const node_view& n) {
  const dims& w = n.in[1].shape;
  p.k = static_cast<std::size_t>(w[1]);
  p.n = w[0];
  p.batch = n.in[0].shape.elements().value / p.k;
}
constexpr void fully_connected_memory(const node_view& n, node_memory& to) {
  fully_connected_params p{};
  set_fully_connected(p, n);
  accumulation_memory(
      n, to, p, static_cast<std::size_t>(p.n),
      [](const fully_connected_params& q) { return kernels::problem_of(q); },
      &kernels::gemm_memory);
}
inline status fully_connected_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<fully_connected_attrs>(*n.attrs);
  auto& p = to.make<fully_connected_params>(&reference::fully_connected_kernel,
                                            kernel_id::fully_connected);
  set_fully_connected(p, n);
  const std::size_t k = p.k;
  return prepare_accumulation(n, to, p, static_cast<std::size_t>(p.n), k, a.f32_product,
                              [k](std::size_t c, std::size_t i) { return c * k + i; });
}
inline constexpr op_def fully_connected{
    .name = "qnn.fully_connected",
    .summary = "matrix product with weights",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = accumulating_forms,
    .accumulates = true,
    .kernel = kernel_id::fully_connected,
    .shape = &fully_connected_op_shape,
    .memory = &fully_connected_memory,
    .prepare = &fully_connected_prepare,
    .decide = &laws::fully_connected,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/transpose_conv2d.hpp
// qnn.transpose_conv2d: NHWC, each input pixel adds its window to the output; fused requantize as
// in conv2d.


OCTET_NAMESPACE_BEGIN

/// Output extent = (in - 1) * stride + (kernel - 1) * dilation + 1 - pad_before - pad_after +
/// output_padding.
struct transpose_conv2d_attrs {
  std::int32_t stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  std::int32_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0, output_padding_h = 0,
               output_padding_w = 0;
  std::int32_t groups = 1;
  bool f32_product = false;
  static constexpr auto fields =
      std::tuple{field{"stride_h", &transpose_conv2d_attrs::stride_h},
                 field{"stride_w", &transpose_conv2d_attrs::stride_w},
                 field{"dilation_h", &transpose_conv2d_attrs::dilation_h},
                 field{"dilation_w", &transpose_conv2d_attrs::dilation_w},
                 field{"pad_top", &transpose_conv2d_attrs::pad_top},
                 field{"pad_left", &transpose_conv2d_attrs::pad_left},
                 field{"pad_bottom", &transpose_conv2d_attrs::pad_bottom},
                 field{"pad_right", &transpose_conv2d_attrs::pad_right},
                 field{"output_padding_h", &transpose_conv2d_attrs::output_padding_h},
                 field{"output_padding_w", &transpose_conv2d_attrs::output_padding_w},
                 field{"groups", &transpose_conv2d_attrs::groups},
                 field{"f32_product", &transpose_conv2d_attrs::f32_product}};
};

/// Fields as in conv2d_params; weights [out_c][kernel_h][kernel_w][in_c / groups]: output (oy, ox)
/// takes input (iy, ix) through tap (ky, kx) where oy = iy * stride_h - pad_top + ky * dilation_h,
/// and the same for x.
struct transpose_conv2d_params : conv2d_params {};

namespace kernels {
/// The input with zero points inserted between its pixels, convolved with stride 1 and reversed
/// taps. Products with inserted pixels are wasted, at strides of 2 three of four; the kernel is
/// ahead of the scalar reference by more than that.
constexpr gemm_problem problem_of(const transpose_conv2d_params& p) noexcept {
  gemm_problem g = problem_of(static_cast<const conv2d_params&>(p), false);
  g.insert_h = p.stride_h, g.insert_w = p.stride_w;
  g.stride_h = g.stride_w = 1;
  g.pad_top = (p.kernel_h - 1) * p.dilation_h - p.pad_top,
  g.pad_left = (p.kernel_w - 1) * p.dilation_w - p.pad_left;
  g.flipped = true;
  return g;
}
}  // namespace kernels

constexpr shape_or transpose_conv2d_shape(const transpose_conv2d_attrs& a, const dims& x,
                                          const dims& w) {
  if (x.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, x};
  if (w.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, w};
  if (a.groups < 1 || x[3] % a.groups != 0 || w[0] % a.groups != 0)
    return violation{rule::groups, dims{a.groups}, dims{x[3], w[0]}};
  if (w[3] != x[3] / a.groups) return violation{rule::channels, dims{x[3] / a.groups}, dims{w[3]}};
  if (a.stride_h < 1 || a.stride_w < 1 || a.dilation_h < 1 || a.dilation_w < 1)
    return violation{rule::stride, dims{1, 1, 1, 1},
                     dims{a.stride_h, a.stride_w, a.dilation_h, a.dilation_w}};
  const auto extent = [](std::int32_t in, std::int32_t k, std::int32_t s, std::int32_t d,
                         std::int32_t before, std::int32_t after, std::int32_t more) {
    return (std::int64_t{in} - 1) * s + (std::int64_t{k} - 1) * d + 1 - before - after + more;
  };
  const std::int64_t h = extent(x[1], w[1], a.stride_h, a.dilation_h, a.pad_top, a.pad_bottom,
                                a.output_padding_h),
                     v = extent(x[2], w[2], a.stride_w, a.dilation_w, a.pad_left, a.pad_right,
                                a.output_padding_w);
  if (x[1] < 1 || x[2] < 1 || w[1] < 1 || w[2] < 1 || a.pad_top < 0 || a.pad_left < 0 || h < 1 ||
      v < 1 || h > INT32_MAX || v > INT32_MAX)
    return violation{rule::window, x, w};
  return dims{x[0], static_cast<std::int32_t>(h), static_cast<std::int32_t>(v), w[0]};
}

namespace reference {
template <class In, class W, class Out>
constexpr void transpose_conv2d(const transpose_conv2d_params& p, const In* x, const W* w, Out* y,
                                std::size_t row_begin, std::size_t row_end) {
  const std::int32_t group_in = p.in_c / p.groups, group_out = p.out_c / p.groups;
  const image_extents image{p.in_h, p.in_w, p.in_c};
  const std::size_t taps = product_of(p.kernel_h, p.kernel_w);
  for (std::size_t row = row_begin; row < row_end; ++row) {
    const auto [n, oy] = image_row_of(row, p.out_h);
    for (std::int32_t ox = 0; ox < p.out_w; ++ox)
      for (std::int32_t oc = 0; oc < p.out_c; ++oc) {
        std::int64_t acc = p.requant.mode == rounding::float_bias_half_even ? 0 : p.bias(oc);
        const std::int32_t wz = p.weight_zero_points ? p.weight_zero_points[oc] : 0,
                           first = oc / group_out * group_in;
        for (std::int32_t ky = 0; ky < p.kernel_h; ++ky) {
          const std::int32_t ty = oy + p.pad_top - ky * p.dilation_h;
          if (ty < 0 || ty % p.stride_h != 0 || ty / p.stride_h >= p.in_h) continue;
          for (std::int32_t kx = 0; kx < p.kernel_w; ++kx) {
            const std::int32_t tx = ox + p.pad_left - kx * p.dilation_w;
            if (tx < 0 || tx % p.stride_w != 0 || tx / p.stride_w >= p.in_w) continue;
            const In* px = x + nhwc_index(image, n, ty / p.stride_h, tx / p.stride_w, first);
            const std::size_t tap = as_size(ky * p.kernel_w + kx);
            const W* pw = w + (as_size(oc) * taps + tap) * as_size(group_in);
            for (std::int32_t ic = 0; ic < group_in; ++ic)
              acc += std::int64_t{px[ic] - p.in_zero_point} * (std::int32_t{pw[ic]} - wz);
          }
        }
        const std::size_t at =
            (row * as_size(p.out_w) + as_size(ox)) * as_size(p.out_c) + as_size(oc);
        if (p.requant.mode == rounding::none)
          y[at] = static_cast<Out>(acc);
        else
          y[at] = static_cast<Out>(numerics::requantize(p.requant, acc, oc));
      }
  }
}
inline void transpose_conv2d_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const transpose_conv2d_params*>(a.params);
  const auto rows = part_of(product_of(p.batch, p.out_h), a.part, a.parts);
  with_quantized(p.in_type, [&]<class In>(type_tag<In>) {
    with_quantized(p.weight_type, [&]<class W>(type_tag<W>) {
      with_integer(p.out_type, [&]<class Out>(type_tag<Out>) {
        transpose_conv2d(p, static_cast<const In*>(a.in[0]), static_cast<const W*>(a.in[1]),
                         static_cast<Out*>(a.out[0]), rows.begin, rows.end);
      });
    });
  });
}
}  // namespace reference

namespace ops {
constexpr status transpose_conv2d_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, transpose_conv2d_shape(read_attributes<transpose_conv2d_attrs>(*n.attrs),
                                               n.in[0].shape, n.in[1].shape));
}
constexpr void transpose_conv2d_memory(const node_view& n, node_memory& to) {
  transpose_conv2d_params p{};
  set_geometry(p, read_attributes<transpose_conv2d_attrs>(*n.attrs), n.in[0].shape, n.in[1].shape,
               n.out[0].shape);
  accumulation_memory(
      n, to, p, static_cast<std::size_t>(p.out_c),
      [](const transpose_conv2d_params& q) { return kernels::problem_of(q); },
      &kernels::gemm_memory);
}
inline status transpose_conv2d_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<transpose_conv2d_attrs>(*n.attrs);
  const dims &x = n.in[0].shape, &w = n.in[1].shape, &y = n.out[0].shape;
  auto& p = to.make<transpose_conv2d_params>(&reference::transpose_conv2d_kernel,
                                             kernel_id::transpose_conv2d);
  set_geometry(p, a, x, w, y);
  const std::size_t per_channel = static_cast<std::size_t>(w[1]) * static_cast<std::size_t>(w[2]) *
                                  static_cast<std::size_t>(w[3]);
  return prepare_accumulation(n, to, p, static_cast<std::size_t>(y[3]), per_channel, a.f32_product,
                              [=](std::size_t c, std::size_t i) { return c * per_channel + i; });
}
inline constexpr op_def transpose_conv2d{
    .name = "qnn.transpose_conv2d",
    .summary = "transposed convolution",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = accumulating_forms,
    .accumulates = true,
    .kernel = kernel_id::transpose_conv2d,
    .shape = &transpose_conv2d_op_shape,
    .memory = &transpose_conv2d_memory,
    .prepare = &transpose_conv2d_prepare,
    .decide = &laws::transpose_conv2d,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/float_layers.hpp
// conv2d, depthwise_conv2d, transpose_conv2d and fully_connected on float32: the float islands of
// quantized models. Sums run in the order kernel row, kernel column, input channel with one
// rounding per step, bias last, as TFLite's reference kernels compute them.


OCTET_NAMESPACE_BEGIN

/// Geometry as in conv2d_params, weights as there (float32); fully_connected is a 1x1 convolution
/// over [rows, 1, 1, K].
struct float_layer_params : conv2d_params {
  bool depthwise = false, has_bias = false, wide_sums = false;
  float min = 0, max = 0;
};

/// MXN: sums in binary64, bias included, rounded to binary32 once. What any order of binary32 sums
/// approaches: oneDNN's own depends on the CPU.
namespace reference {
template <class Sum>
constexpr void float_layer(const float_layer_params& p, const float* x, const float* w,
                           const float* bias, float* y, std::size_t begin, std::size_t end) {
  const std::int32_t group_in = p.depthwise ? 1 : p.in_c / p.groups,
                     group_out = p.depthwise ? p.out_c / p.in_c : p.out_c / p.groups;
  const auto in_c = static_cast<std::size_t>(p.in_c), out_c = static_cast<std::size_t>(p.out_c);
  for (std::size_t row = begin; row < end; ++row) {
    const std::size_t n = row / static_cast<std::size_t>(p.out_h);
    const auto oy = static_cast<std::int32_t>(row % static_cast<std::size_t>(p.out_h));
    for (std::int32_t ox = 0; ox < p.out_w; ++ox)
      for (std::int32_t oc = 0; oc < p.out_c; ++oc) {
        Sum sum = 0;
        for (std::int32_t ky = 0; ky < p.kernel_h; ++ky)
          for (std::int32_t kx = 0; kx < p.kernel_w; ++kx) {
            const std::int32_t iy = oy * p.stride_h - p.pad_top + ky * p.dilation_h,
                               ix = ox * p.stride_w - p.pad_left + kx * p.dilation_w;
            if (iy < 0 || iy >= p.in_h || ix < 0 || ix >= p.in_w) continue;
            const float* px =
                x +
                ((n * static_cast<std::size_t>(p.in_h) + static_cast<std::size_t>(iy)) *
                     static_cast<std::size_t>(p.in_w) +
                 static_cast<std::size_t>(ix)) *
                    in_c +
                oc / group_out * group_in;
            const auto tap = static_cast<std::size_t>(ky * p.kernel_w + kx);
            const float* pw = p.depthwise
                                  ? w + tap * out_c + oc
                                  : w + (static_cast<std::size_t>(oc) *
                                             static_cast<std::size_t>(p.kernel_h * p.kernel_w) +
                                         tap) *
                                            static_cast<std::size_t>(group_in);
            for (std::int32_t ic = 0; ic < group_in; ++ic)
              sum = numerics::add(
                  sum, numerics::mul(static_cast<Sum>(px[ic]), static_cast<Sum>(pw[ic])));
          }
        if (p.has_bias) sum = numerics::add(sum, static_cast<Sum>(bias[oc]));
        y[(row * static_cast<std::size_t>(p.out_w) + static_cast<std::size_t>(ox)) * out_c +
          static_cast<std::size_t>(oc)] = numerics::clamp(static_cast<float>(sum), p.min, p.max);
      }
  }
}
inline void float_layer_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const float_layer_params*>(a.params);
  const auto rows = part_of(static_cast<std::size_t>(p.batch) * static_cast<std::size_t>(p.out_h),
                            a.part, a.parts);
  const auto run = [&](auto layer) {
    layer(p, static_cast<const float*>(a.in[0]), static_cast<const float*>(a.in[1]),
          p.has_bias ? static_cast<const float*>(a.in[2]) : nullptr, static_cast<float*>(a.out[0]),
          rows.begin, rows.end);
  };
  p.wide_sums ? run(&float_layer<double>) : run(&float_layer<float>);
}
/// An output element sums its input pixels in their own order, row by row, channels innermost: what
/// scattering them one after another gives.
constexpr void float_transpose_layer(const float_layer_params& p, const float* x, const float* w,
                                     const float* bias, float* y, std::size_t begin,
                                     std::size_t end) {
  const auto in_c = static_cast<std::size_t>(p.in_c), out_c = static_cast<std::size_t>(p.out_c);
  for (std::size_t row = begin; row < end; ++row) {
    const std::size_t n = row / static_cast<std::size_t>(p.out_h);
    const auto oy = static_cast<std::int32_t>(row % static_cast<std::size_t>(p.out_h));
    for (std::int32_t ox = 0; ox < p.out_w; ++ox)
      for (std::size_t oc = 0; oc < out_c; ++oc) {
        float sum = 0;
        for (std::int32_t ky = p.kernel_h; ky-- > 0;) {  // the last tap meets the first input row
          const std::int32_t ty = oy + p.pad_top - ky;
          if (ty < 0 || ty % p.stride_h != 0 || ty / p.stride_h >= p.in_h) continue;
          for (std::int32_t kx = p.kernel_w; kx-- > 0;) {
            const std::int32_t tx = ox + p.pad_left - kx;
            if (tx < 0 || tx % p.stride_w != 0 || tx / p.stride_w >= p.in_w) continue;
            const float* px = x + ((n * static_cast<std::size_t>(p.in_h) +
                                    static_cast<std::size_t>(ty / p.stride_h)) *
                                       static_cast<std::size_t>(p.in_w) +
                                   static_cast<std::size_t>(tx / p.stride_w)) *
                                      in_c;
            const float* pw = w + (oc * static_cast<std::size_t>(p.kernel_h * p.kernel_w) +
                                   static_cast<std::size_t>(ky * p.kernel_w + kx)) *
                                      in_c;
            for (std::size_t ic = 0; ic < in_c; ++ic)
              sum = numerics::add(sum, numerics::mul(px[ic], pw[ic]));
          }
        }
        if (p.has_bias) sum = numerics::add(sum, bias[oc]);
        y[(row * static_cast<std::size_t>(p.out_w) + static_cast<std::size_t>(ox)) * out_c + oc] =
            numerics::clamp(sum, p.min, p.max);
      }
  }
}
inline void float_transpose_layer_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const float_layer_params*>(a.params);
  const auto rows = part_of(static_cast<std::size_t>(p.batch) * static_cast<std::size_t>(p.out_h),
                            a.part, a.parts);
  float_transpose_layer(p, static_cast<const float*>(a.in[0]), static_cast<const float*>(a.in[1]),
                        p.has_bias ? static_cast<const float*>(a.in[2]) : nullptr,
                        static_cast<float*>(a.out[0]), rows.begin, rows.end);
}
}  // namespace reference

namespace ops {
/// Bias and bounds.
inline status finish_float_layer(const node_view& n, float_layer_params& p, std::size_t channels) {
  if (n.present(2) && n.in[2].shape.elements().value != channels)
    return invalid("bias count", std::to_string(n.in[2].shape.elements().value),
                   std::to_string(channels));
  p.wide_sums = n.round == rounding::mxnet;
  const auto c = read_attributes<float_clamp_attrs>(*n.attrs);
  p.min = static_cast<float>(c.float_lo), p.max = static_cast<float>(c.float_hi);
  p.has_bias = n.present(2);
  return unit{};
}
template <bool Depthwise> status float_conv2d_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<conv2d_attrs>(*n.attrs);
  const dims &x = n.in[0].shape, &w = n.in[1].shape, &y = n.out[0].shape;
  auto& p = to.make<float_layer_params>(&reference::float_layer_kernel);
  p.depthwise = Depthwise;
  set_geometry(p, a, x, w, y);
  if (Depthwise) p.groups = x[3];
  return finish_float_layer(n, p, static_cast<std::size_t>(y[3]));
}
inline status float_transpose_conv2d_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<transpose_conv2d_attrs>(*n.attrs);
  if (a.groups != 1 || a.dilation_h != 1 || a.dilation_w != 1)
    return unsupported("float transpose_conv2d with groups or dilation");
  const dims &x = n.in[0].shape, &w = n.in[1].shape, &y = n.out[0].shape;
  auto& p = to.make<float_layer_params>(&reference::float_transpose_layer_kernel);
  set_geometry(p, a, x, w, y);
  return finish_float_layer(n, p, static_cast<std::size_t>(y[3]));
}
inline status float_fully_connected_prepare(const node_view& n, prepared& to) {
  const dims& w = n.in[1].shape;
  auto& p = to.make<float_layer_params>(&reference::float_layer_kernel);
  p.batch =
      static_cast<std::int32_t>(n.in[0].shape.elements().value / static_cast<std::size_t>(w[1]));
  p.in_h = p.in_w = p.out_h = p.out_w = p.kernel_h = p.kernel_w = p.stride_h = p.stride_w =
      p.dilation_h = p.dilation_w = p.groups = 1;
  p.pad_top = p.pad_left = 0;
  p.in_c = w[1], p.out_c = w[0];
  return finish_float_layer(n, p, static_cast<std::size_t>(w[0]));
}
inline constexpr form float_layer_forms[] = {
    {.in = {dtype::f32, dtype::f32, dtype::f32},
     .out = {dtype::f32},
     .roundings = {rounding::none, rounding::mxnet}},
};
inline constexpr form float_transpose_forms[] = {
    {.in = {dtype::f32, dtype::f32, dtype::f32}, .out = {dtype::f32}},
};
inline constexpr op_def float_conv2d{
    .name = "conv2d",
    .summary = "float32 convolution",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = float_layer_forms,
    .shape = &conv2d_op_shape,
    .memory = &params_only<float_layer_params>,
    .prepare = &float_conv2d_prepare<false>,
    .decide = &laws::float_layer,
};
inline constexpr op_def float_depthwise_conv2d{
    .name = "depthwise_conv2d",
    .summary = "float32 convolution of each channel by itself",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = float_layer_forms,
    .shape = &depthwise_conv2d_op_shape,
    .memory = &params_only<float_layer_params>,
    .prepare = &float_conv2d_prepare<true>,
    .decide = &laws::float_layer,
};
inline constexpr op_def float_transpose_conv2d{
    .name = "transpose_conv2d",
    .summary = "float32 transposed convolution",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = float_transpose_forms,
    .shape = &transpose_conv2d_op_shape,
    .memory = &params_only<float_layer_params>,
    .prepare = &float_transpose_conv2d_prepare,
};
inline constexpr op_def float_fully_connected{
    .name = "fully_connected",
    .summary = "float32 matrix product with weights",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = float_layer_forms,
    .shape = &fully_connected_op_shape,
    .memory = &params_only<float_layer_params>,
    .prepare = &float_fully_connected_prepare,
    .decide = &laws::float_layer,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/l2_normalization.hpp
// qnn.l2_normalization and l2_normalization: each row along the last axis divided by its length.


OCTET_NAMESPACE_BEGIN

/// DR: v = x - zx; (M, s) = 1 / sqrt(sum v^2) by integer Newton steps. int8: sat(DR(v; M, s + 7)),
/// uint8: sat(128 + DR(128 v; M, s)). The output's scale is 1/128 with zero point 0 (int8) or 128
/// (uint8).
struct l2_normalization_params {
  dtype type = dtype::f32;
  std::size_t rows = 0, depth = 0;
  std::int32_t in_zero_point = 0;
};

namespace reference {
template <class T>
constexpr void l2_normalization(const l2_normalization_params& p, const T* x, T* y,
                                std::size_t begin, std::size_t end) {
  for (std::size_t row = begin; row < end; ++row) {
    const T* from = x + row * p.depth;
    T* to = y + row * p.depth;
    if constexpr (std::is_floating_point_v<T>) {
      float sum = 0;
      for (std::size_t i = 0; i < p.depth; ++i)
        sum = numerics::add(sum, numerics::mul(from[i], from[i]));
      float length = numerics::sqrt_f32(sum);
      if (length < 1e-6f) length = 1e-6f;
      for (std::size_t i = 0; i < p.depth; ++i) to[i] = numerics::div(from[i], length);
    } else {
      std::int32_t sum = 0;
      for (std::size_t i = 0; i < p.depth; ++i)
        sum += (from[i] - p.in_zero_point) * (from[i] - p.in_zero_point);
      const multiplier m = numerics::reciprocal_sqrt(sum);
      for (std::size_t i = 0; i < p.depth; ++i) {
        const std::int32_t v = from[i] - p.in_zero_point;
        if constexpr (std::is_signed_v<T>)
          to[i] = static_cast<T>(
              numerics::clamp(numerics::doubling_high_half_away(v, {m.m, m.shift + 7}), -128, 127));
        else
          to[i] = static_cast<T>(
              numerics::clamp(128 + numerics::doubling_high_half_away(128 * v, m), 0, 255));
      }
    }
  }
}
inline void l2_normalization_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const l2_normalization_params*>(a.params);
  const auto r = part_of(p.rows, a.part, a.parts);
  const auto run = [&]<class T>(type_tag<T>) {
    l2_normalization(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin, r.end);
  };
  if (p.type == dtype::f32)
    run(type_tag<float>{});
  else if (p.type == dtype::s8)
    run(type_tag<std::int8_t>{});
  else
    run(type_tag<std::uint8_t>{});
}
}  // namespace reference

namespace ops {
template <bool Quantized> status l2_normalization_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  auto& p = to.make<l2_normalization_params>(&reference::l2_normalization_kernel);
  p.type = x.type;
  p.depth = x.shape.rank == 0 ? 1 : static_cast<std::size_t>(x.shape.back(0));
  p.rows = p.depth == 0 ? 0 : x.shape.elements().value / p.depth;
  p.in_zero_point = x.zero_point();
  if constexpr (!Quantized) return unit{};
  if (y.scale_f32() != 1.f / 128 || y.zero_point() != (x.type == dtype::s8 ? 0 : 128))
    return unsupported("quantization of the output",
                       std::to_string(y.scale()) + ", " + std::to_string(y.zero_point()),
                       "1/128 with zero point 0 (int8) or 128 (uint8)");
  if (p.depth > 33025)
    return unsupported("row length", std::to_string(p.depth),
                       "at most 33025: sums of squares stay below 2^31");
  return unit{};
}
inline constexpr form qnn_l2_normalization_forms[] = {
    {.in = {eight_bit}, .out = {like(0)}, .roundings = rounding::doubling_high_half_away},
};
inline constexpr op_def qnn_l2_normalization{
    .name = "qnn.l2_normalization",
    .summary = "rows divided by their Euclidean length, quantized",
    .forms = qnn_l2_normalization_forms,
    .shape = &same_op_shape,
    .memory = &params_only<l2_normalization_params>,
    .prepare = &l2_normalization_prepare<true>,
    .decide = &laws::tflite_integers,
};
inline constexpr op_def l2_normalization{
    .name = "l2_normalization",
    .summary = "rows divided by their Euclidean length",
    .forms = float_forms,
    .shape = &same_op_shape,
    .memory = &params_only<l2_normalization_params>,
    .prepare = &l2_normalization_prepare<false>,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/lstm.hpp
// qnn.lstm: a long short-term memory layer over a sequence, int8 with an int16 cell. Its two states
// live in the session.


OCTET_NAMESPACE_BEGIN

struct lstm_attrs {
  bool time_major = false;  // x and y are [T, B, C], else [B, T, C]
  double cell_clip = 0;     // > 0: bound of the cell, as a real number
  double hidden_scale = 0;  // quantization of o * tanh(c); 0: the output's
  std::int32_t hidden_zero_point = 0;
  static constexpr auto fields = std::tuple{
      field{"time_major", &lstm_attrs::time_major}, field{"cell_clip", &lstm_attrs::cell_clip},
      field{"hidden_scale", &lstm_attrs::hidden_scale},
      field{"hidden_zero_point", &lstm_attrs::hidden_zero_point}};
};

/// Inputs: 0 x s8; 1..3 input weights of forget gate, cell gate, output gate [N, C] s8; 4..6
/// recurrent weights [N, N] s8; 7..9 biases [N] s32; 10 hidden state [B, N] s8; 11 cell state [B,
/// N] s16, scale a power of two; 12..14 input weights, recurrent weights, bias of the input gate
/// (absent: 1 - forget gate). Outputs: y s8 [.., .., N], the two states (the same tensors as inputs
/// 10 and 11).
///
/// Rounding DR, all values in their own quantization:
///   gate z  = sat16(DR(sum (x - zx) w + bias; ei)), then sat16(z + DR(sum (h - zh) r; er)), in
///   Q3.12; ei = f32(f32(sw * sx) / 2^-12), er alike f, i, o = logistic(z) in Q0.15, g = tanh(z)
///   (numerics::fixed16) c       = sat16(s16(RDP(f c, 15)) + s16(RDP(i g, 30 + log2 sc))) h       =
///   sat8(DR(o tanh(c); f32(2^-30 / s_hidden)) + z_hidden)
struct lstm_params {
  std::int32_t batch = 0, steps = 0, in_c = 0, units = 0;
  bool time_major = false, coupled = false;  // coupled: no input gate of its own
  std::int32_t in_zero_point = 0, state_zero_point = 0, hidden_zero_point = 0;
  struct gate {
    multiplier input{}, recurrent{};
  } forget{}, cell{}, output{}, input{};
  multiplier hidden{};
  std::int32_t cell_integer_bits = 0;  // 15 + log2 of the cell's scale
  std::int32_t clip = 0;               // of the quantized cell; 0: none
};

constexpr shape_or lstm_shape(const lstm_attrs& a, const dims& x, const dims& w, const dims& r,
                              const dims& h, const dims& c) {
  if (x.rank != 3) return violation{rule::rank, dims{0, 0, 0}, x};
  if (w.rank != 2 || r.rank != 2) return violation{rule::rank, dims{0, 0}, w.rank != 2 ? w : r};
  if (w[1] != x[2]) return violation{rule::channels, dims{x[2]}, dims{w[1]}};
  const dims state{x[a.time_major ? 1 : 0], w[0]};
  if (!(r == dims{w[0], w[0]})) return violation{rule::weight_count, dims{w[0], w[0]}, r};
  if (!(h == state)) return violation{rule::shapes_differ, state, h};
  if (!(c == state)) return violation{rule::shapes_differ, state, c};
  return dims{x[0], x[1], w[0]};
}

namespace reference {

/// One gate of one unit before its function, Q3.12.
constexpr std::int16_t lstm_gate(const lstm_params& p, const lstm_params::gate& g,
                                 const std::int8_t* x, const std::int8_t* h, const std::int8_t* w,
                                 const std::int8_t* r, std::int32_t bias) noexcept {
  std::int32_t a = 0, b = 0;  // |a| < 2^31: 2^15 * 65536 inputs at most (checked by prepare)
  for (std::int32_t i = 0; i < p.in_c; ++i) a += (x[i] - p.in_zero_point) * w[i];
  for (std::int32_t i = 0; i < p.units; ++i) b += (h[i] - p.state_zero_point) * r[i];
  const auto first = numerics::clamp<std::int64_t>(
      numerics::doubling_high_half_away(static_cast<std::int32_t>(static_cast<std::uint32_t>(a) +
                                                                  static_cast<std::uint32_t>(bias)),
                                        g.input),
      -32768, 32767);
  return static_cast<std::int16_t>(numerics::clamp<std::int64_t>(
      first + numerics::doubling_high_half_away(b, g.recurrent), -32768, 32767));
}
/// One unit at one time: the new cell and hidden values.
struct lstm_cell {
  std::int16_t c;
  std::int8_t h;
};
constexpr lstm_cell lstm_unit(const lstm_params& p, std::int16_t forget, std::int16_t cell,
                              std::int16_t output, std::int16_t input,
                              std::int16_t before) noexcept {
  using q = numerics::fixed16;
  const std::int32_t f = q::logistic(forget, 3), g = q::tanh(cell, 3), o = q::logistic(output, 3),
                     i = p.coupled ? 32767 - f : q::logistic(input, 3);
  const auto kept = static_cast<std::int16_t>(numerics::rounding_shift_half_away(f * before, 15)),
             added = static_cast<std::int16_t>(
                 numerics::rounding_shift_half_away(i * g, 15 + p.cell_integer_bits));
  std::int32_t c = numerics::clamp(kept + added, -32768, 32767);
  if (p.clip > 0) c = numerics::clamp(c, -p.clip, p.clip);
  const std::int32_t t = q::tanh(static_cast<std::int16_t>(c), p.cell_integer_bits);
  return {static_cast<std::int16_t>(c),
          static_cast<std::int8_t>(
              numerics::finish(std::int64_t{numerics::doubling_high_half_away(o * t, p.hidden)},
                               p.hidden_zero_point, -128, 127))};
}
/// `fresh`: one hidden value per unit.
constexpr void lstm(const lstm_params& p, const std::int8_t* x, const std::int8_t* const* w,
                    const std::int8_t* const* r, const std::int32_t* const* bias, std::int8_t* h,
                    std::int16_t* c, std::int8_t* y, std::int8_t* fresh) {
  for (std::int32_t t = 0; t < p.steps; ++t)
    for (std::int32_t b = 0; b < p.batch; ++b) {
      const auto at = static_cast<std::size_t>(p.time_major ? t * p.batch + b : b * p.steps + t),
                 n = static_cast<std::size_t>(p.units), k = static_cast<std::size_t>(p.in_c);
      const std::int8_t* from = x + at * k;
      std::int8_t* hidden = h + static_cast<std::size_t>(b) * n;
      std::int16_t* cell = c + static_cast<std::size_t>(b) * n;
      for (std::size_t u = 0; u < n; ++u) {
        const auto gate = [&](const lstm_params::gate& g, int which) {
          return lstm_gate(p, g, from, hidden, w[which] + u * k, r[which] + u * n, bias[which][u]);
        };
        const lstm_cell next = lstm_unit(p, gate(p.forget, 0), gate(p.cell, 1), gate(p.output, 2),
                                         p.coupled ? std::int16_t{0} : gate(p.input, 3), cell[u]);
        cell[u] = next.c;
        fresh[u] = next.h;
      }
      for (std::size_t u = 0; u < n; ++u) hidden[u] = y[at * n + u] = fresh[u];
    }
}
inline void lstm_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const lstm_params*>(a.params);
  const auto s8 = [&](std::size_t i) { return static_cast<const std::int8_t*>(a.in[i]); };
  const auto s32 = [&](std::size_t i) { return static_cast<const std::int32_t*>(a.in[i]); };
  const bool own = !p.coupled;
  const std::int8_t *const w[4] = {s8(1), s8(2), s8(3), own ? s8(12) : nullptr}, *const r[4] = {
                                                                                     s8(4), s8(5),
                                                                                     s8(6),
                                                                                     own ? s8(13)
                                                                                         : nullptr};
  const std::int32_t* const bias[4] = {s32(7), s32(8), s32(9), own ? s32(14) : nullptr};
  auto* h = static_cast<std::int8_t*>(a.out[1]);
  auto* c = static_cast<std::int16_t*>(a.out[2]);
  const auto count = static_cast<std::size_t>(p.batch) * static_cast<std::size_t>(p.units);
  if (a.in[10] != a.out[1]) std::memcpy(h, a.in[10], count);
  if (a.in[11] != a.out[2]) std::memcpy(c, a.in[11], count * 2);
  lstm(p, s8(0), w, r, bias, h, c, static_cast<std::int8_t*>(a.out[0]),
       static_cast<std::int8_t*>(a.scratch));
}
}  // namespace reference

namespace ops {
constexpr status lstm_op_shape(const node_view& n, std::span<dims> out) {
  if (n.in.size() < 12 || out.size() != 3)
    return violation{rule::input_count, dims{12}, dims{static_cast<std::int32_t>(n.in.size())}};
  const shape_or s = lstm_shape(read_attributes<lstm_attrs>(*n.attrs), n.in[0].shape, n.in[1].shape,
                                n.in[4].shape, n.in[10].shape, n.in[11].shape);
  if (s.broken) return s.broken;
  out[0] = s.shape, out[1] = n.in[10].shape, out[2] = n.in[11].shape;
  return unit{};
}
/// The reference keeps one gate's hidden values.
constexpr void lstm_memory(const node_view& n, node_memory& to) {
  to.make<lstm_params>();
  to.reference_scratch = static_cast<std::size_t>(n.out[0].shape[2]);
}
inline status lstm_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0], &h = n.in[10], &c = n.in[11];
  const auto a = read_attributes<lstm_attrs>(*n.attrs);
  auto& p = to.make<lstm_params>(&reference::lstm_kernel);
  p.batch = x.shape[a.time_major ? 1 : 0], p.steps = x.shape[a.time_major ? 0 : 1],
  p.in_c = x.shape[2], p.units = y.shape[2];
  p.time_major = a.time_major;
  p.coupled = !(n.present(12) && n.present(13) && n.present(14));
  if (p.coupled && (n.present(12) || n.present(13) || n.present(14)))
    return invalid("an input gate with weights, recurrent weights or bias missing");
  if (p.in_c > 65536 || p.units > 65536)
    return unsupported("units or inputs", std::to_string(std::max(p.in_c, p.units)),
                       "at most 65536: sums stay below 2^31");
  const dims wide{p.units, p.in_c}, full{p.units, p.units}, bias{p.units};
  for (std::size_t i = 1; i < n.in.size(); ++i) {
    if (i == 10 || i == 11 || !n.present(i)) continue;
    const bool is_bias = (i >= 7 && i <= 9) || i == 14, recurrent = (i >= 4 && i <= 6) || i == 13;
    const tensor_desc& t = n.in[i];
    if (!(t.shape == (is_bias ? bias : recurrent ? full : wide)))
      return violation{rule::weight_count, is_bias ? bias : recurrent ? full : wide, t.shape};
    if (!is_bias && (t.per_channel() || !t.quantized() || t.zero_point() != 0))
      return unsupported("quantization of weights", {}, "one scale, zero point 0");
  }
  p.in_zero_point = x.zero_point(), p.state_zero_point = h.zero_point();
  p.hidden_zero_point = a.hidden_scale > 0 ? a.hidden_zero_point : y.zero_point();
  const auto cell = numerics::detail::split(c.scale());
  p.cell_integer_bits = 15 + cell.e;
  if (cell.m != 1 || p.cell_integer_bits < 0 || p.cell_integer_bits > 9 || c.zero_point() != 0)
    return unsupported("quantization of the cell", std::to_string(c.scale()),
                       "a power of two between 2^-15 and 2^-6, zero point 0");
  const auto scale = [](const tensor_desc& w, const tensor_desc& v) {
    return numerics::quantize_multiplier(
        static_cast<double>(numerics::div(numerics::mul(w.scale_f32(), v.scale_f32()), 0x1p-12f)));
  };
  p.forget = {scale(n.in[1], x), scale(n.in[4], h)};
  p.cell = {scale(n.in[2], x), scale(n.in[5], h)};
  p.output = {scale(n.in[3], x), scale(n.in[6], h)};
  if (!p.coupled) p.input = {scale(n.in[12], x), scale(n.in[13], h)};
  const double hidden =
      static_cast<double>(a.hidden_scale > 0 ? static_cast<float>(a.hidden_scale) : y.scale_f32());
  p.hidden = numerics::quantize_multiplier(static_cast<double>(
      static_cast<float>(numerics::mul(numerics::div(0x1p-15, hidden), 0x1p-15))));
  if (a.cell_clip > 0)
    p.clip = numerics::clamp_to_int(
        static_cast<double>(numerics::div(static_cast<float>(a.cell_clip), c.scale_f32())), 1,
        32767);
  return unit{};
}
inline constexpr form lstm_forms[] = {
    {.in = {dtype::s8, dtype::s8, dtype::s8, dtype::s8, dtype::s8, dtype::s8, dtype::s8, dtype::s32,
            dtype::s32, dtype::s32, dtype::s8, dtype::s16, dtype::s8, dtype::s8, dtype::s32},
     .out = {dtype::s8, dtype::s8, dtype::s16},
     .roundings = rounding::doubling_high_half_away},
};
inline constexpr op_def qnn_lstm{
    .name = "qnn.lstm",
    .summary = "long short-term memory layer over a sequence",
    .min_inputs = 12,
    .max_inputs = 15,
    .outputs = 3,
    .optional = {12, 13, 14},
    .forms = lstm_forms,
    .shape = &lstm_op_shape,
    .memory = &lstm_memory,
    .prepare = &lstm_prepare,
    .decide = &laws::tflite_integers,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/mul.hpp
// qnn.mul (quantized) and mul (float32, int32, int64), with broadcasting and a fused clamp.


OCTET_NAMESPACE_BEGIN

/// y = requantize((a - za) * (b - zb)).
struct mul_params {
  rounding mode = rounding::none;  // none: plain numbers of type `y_type`; DR, F, FZ, EVEN_MUL
  dtype a_type, b_type, y_type;
  std::int32_t a_zero_point = 0, b_zero_point = 0;
  requantize_params requant;    // one channel; EVEN_MUL is F with another scale
  std::int32_t lo = 0, hi = 0;  // clamp of plain integers
  float min = 0, max = 0;       // clamp of plain float32
  broadcast_plan<2> shape;
};

namespace reference {
template <class A, class B, class Y>
constexpr void mul(const mul_params& p, const A* a, const B* b, Y* y, std::size_t begin,
                   std::size_t end) {
  for_each_broadcast(p.shape, begin, end, [&](std::size_t i, const auto& at) {
    y[i] = static_cast<Y>(numerics::requantize(
        p.requant, std::int64_t{a[at[0]] - p.a_zero_point} * (b[at[1]] - p.b_zero_point), 0));
  });
}
template <class T> constexpr T wrapping_mul(T a, T b) {
  return static_cast<T>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}
template <class T>
constexpr void mul_plain(const mul_params& p, const T* a, const T* b, T* y, std::size_t begin,
                         std::size_t end) {
  for_each_broadcast(p.shape, begin, end, [&](std::size_t i, const auto& at) {
    if constexpr (std::is_floating_point_v<T>)
      y[i] = numerics::clamp(numerics::mul(a[at[0]], b[at[1]]), p.min, p.max);
    else
      y[i] =
          numerics::clamp(wrapping_mul(a[at[0]], b[at[1]]),
                          static_cast<T>(p.lo == INT32_MIN ? std::numeric_limits<T>::min() : p.lo),
                          static_cast<T>(p.hi == INT32_MAX ? std::numeric_limits<T>::max() : p.hi));
  });
}
inline void mul_kernel(const kernel_args& k) noexcept {
  const auto& p = *static_cast<const mul_params*>(k.params);
  const auto r = part_of(p.shape.count, k.part, k.parts);
  const auto plain = [&]<class T>(type_tag<T>) {
    mul_plain(p, static_cast<const T*>(k.in[0]), static_cast<const T*>(k.in[1]),
              static_cast<T*>(k.out[0]), r.begin, r.end);
  };
  if (p.mode == rounding::none) {
    if (p.y_type == dtype::f32)
      plain(type_tag<float>{});
    else if (p.y_type == dtype::s32)
      plain(type_tag<std::int32_t>{});
    else
      plain(type_tag<std::int64_t>{});
    return;
  }
  with_quantized(p.a_type, [&]<class A>(type_tag<A>) {
    with_quantized(p.b_type, [&]<class B>(type_tag<B>) {
      with_quantized(p.y_type, [&]<class Y>(type_tag<Y>) {
        mul(p, static_cast<const A*>(k.in[0]), static_cast<const B*>(k.in[1]),
            static_cast<Y*>(k.out[0]), r.begin, r.end);
      });
    });
  });
}
}  // namespace reference

namespace ops {
template <bool Quantized> constexpr void mul_memory(const node_view& n, node_memory& to) {
  to.make<mul_params>();
  if (Quantized && n.round == rounding::doubling_high_half_away)
    to.array<multiplier>(1);
  else if (Quantized)
    to.array<float>(1);
}
template <bool Quantized> status mul_prepare(const node_view& n, prepared& to) {
  const tensor_desc &a = n.in[0], &b = n.in[1], &y = n.out[0];
  auto& p = to.make<mul_params>(&reference::mul_kernel, kernel_id::mul);
  p.mode = n.round;
  p.a_type = a.type, p.b_type = b.type, p.y_type = y.type;
  p.shape = make_broadcast<2>({a.shape, b.shape}, y.shape);
  const auto clamp = clamp_of(*n.attrs, y.type);
  p.lo = clamp.lo, p.hi = clamp.hi;
  if constexpr (!Quantized) {
    const auto c = read_attributes<float_clamp_attrs>(*n.attrs);
    p.min = static_cast<float>(c.float_lo), p.max = static_cast<float>(c.float_hi);
    return unit{};
  }
  if (auto s = one_scale_each(n); !s) return s;
  p.a_zero_point = a.zero_point(), p.b_zero_point = b.zero_point();
  // Every framework forms this ratio in binary32; TFLite derives its integer multiplier from the
  // rounded ratio.
  const float product = numerics::mul(a.scale_f32(), b.scale_f32());
  const float ratio = n.round == rounding::reciprocal_half_even
                          ? numerics::mul(product, numerics::div(1.f, y.scale_f32()))
                          : numerics::div(product, y.scale_f32());
  requantize_params& q = p.requant;
  q.mode = n.round == rounding::reciprocal_half_even ? rounding::float_half_even : n.round;
  q.zero_point = y.zero_point();
  q.lo = clamp.lo, q.hi = clamp.hi;
  if (n.round == rounding::doubling_high_half_away) {
    auto m = to.array<multiplier>(1);
    m[0] = numerics::quantize_multiplier(static_cast<double>(ratio));
    q.mult = m.data();
  } else {
    auto s = to.array<float>(1);
    s[0] = ratio;
    q.scale = s.data();
  }
  return unit{};
}
inline constexpr form qnn_mul_forms[] = {
    {.in = {quantized_types, quantized_types},
     .out = {quantized_types},
     .roundings = {rounding::doubling_high_half_away, rounding::float_half_even,
                   rounding::float_zero_point_half_even, rounding::reciprocal_half_even}},
};
inline constexpr op_def qnn_mul{
    .name = "qnn.mul",
    .summary = "a * b of quantized values",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = qnn_mul_forms,
    .kernel = kernel_id::mul,
    .shape = &binary_op_shape,
    .memory = &mul_memory<true>,
    .prepare = &mul_prepare<true>,
    .decide = &laws::mul,
};
inline constexpr op_def mul{
    .name = "mul",
    .summary = "a * b",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = arithmetic_forms,
    .shape = &binary_op_shape,
    .memory = &mul_memory<false>,
    .prepare = &mul_prepare<false>,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/laws/functions.hpp
// Functions of one value, softmax, normalizations, and the quantization of results whose range is
// fixed.


OCTET_NAMESPACE_BEGIN
namespace laws {

/// logistic and tanh: tables of the reference, of XNNPACK (8 bits), of TFLite's optimized kernels
/// (int16); PyTorch's vector loops, QNNPACK's tables.
constexpr decision sigmoid(const facts& f) {
  return choose(f.arithmetic,
                {.tflite_ref = rounding::divide_half_away,
                 .tflite_xnnpack = is_8bit(f.x.type) ? by_xnnpack(rounding::xnnpack)
                                                     : decision(rounding::tflite_optimized),
                 .pytorch_fbgemm = by_pytorch(rounding::aten),
                 .pytorch_qnnpack = by_pytorch(rounding::reciprocal_half_even),
                 .mxnet = no_operator()});
}
constexpr decision hard_sigmoid(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = no_operator(),
                               .tflite_xnnpack = no_operator(),
                               .pytorch_fbgemm = by_pytorch(rounding::aten),
                               .pytorch_qnnpack = by_pytorch(rounding::reciprocal_half_even),
                               .mxnet = no_operator()});
}
/// QNNPACK's table adds the zero point before it rounds.
constexpr decision hard_swish(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = rounding::doubling_high_half_away,
                               .tflite_xnnpack = rounding::doubling_high_half_away,
                               .pytorch_fbgemm = by_pytorch(rounding::aten),
                               .pytorch_qnnpack = by_pytorch(rounding::xnnpack),
                               .mxnet = no_operator()});
}
/// elu and leaky_relu are PyTorch's own under both engines.
constexpr decision elu(const facts& f) {
  return choose(f.arithmetic,
                {.tflite_ref = rounding::divide_half_away,
                 .tflite_xnnpack = is_8bit(f.x.type) ? by_xnnpack(rounding::xnnpack)
                                                     : decision(rounding::divide_half_away),
                 .pytorch_fbgemm = by_pytorch(rounding::aten),
                 .pytorch_qnnpack = by_pytorch(rounding::aten),
                 .mxnet = no_operator()});
}
constexpr decision leaky_relu(const facts& f) {
  const bool taken = is_8bit(f.x.type) &&
                     xnnpack_takes_leaky_relu(f.x.scale, f.y.scale, static_cast<float>(f.alpha));
  return choose(f.arithmetic,
                {.tflite_ref = rounding::doubling_high_half_away,
                 .tflite_xnnpack = taken ? by_xnnpack(rounding::eight_bit_ratio_half_up)
                                         : decision(rounding::doubling_high_half_away),
                 .pytorch_fbgemm = by_pytorch(rounding::aten),
                 .pytorch_qnnpack = by_pytorch(rounding::aten),
                 .mxnet = no_operator()});
}
/// gelu, exp, log, sin, cos, square: tables of TFLite.
constexpr decision table(const facts& f) {
  return tflite_only(f.arithmetic, rounding::divide_half_away);
}
constexpr decision sqrt(const facts& f) {
  return tflite_only(f.arithmetic, rounding::divide_truncate);
}
/// An integer formula in 8 bits, a table in 16.
constexpr decision rsqrt(const facts& f) {
  return tflite_only(f.arithmetic, f.x.type == dtype::s16 ? rounding::divide_half_away
                                                          : rounding::doubling_high_half_away);
}
/// relu, relu6, ... as operators: TFLite changes the scale as well, PyTorch clamps the codes.
constexpr decision clamp(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = rounding::doubling_high_half_away,
                               .tflite_xnnpack = rounding::doubling_high_half_away,
                               .pytorch_fbgemm = by_pytorch(rounding::none),
                               .pytorch_qnnpack = by_pytorch(rounding::none),
                               .mxnet = by_mxnet(rounding::none)});
}
constexpr decision prelu(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = rounding::doubling_high_half_away,
                               .tflite_xnnpack = rounding::doubling_high_half_away,
                               .pytorch_fbgemm = by_pytorch(rounding::reciprocal_half_even),
                               .pytorch_qnnpack = by_pytorch(rounding::reciprocal_half_even),
                               .mxnet = no_operator()});
}

constexpr decision softmax(const facts& f) {
  const bool s16 = f.x.type == dtype::s16;
  return choose(f.arithmetic,
                {.tflite_ref = s16 ? rounding::wide_half_up : rounding::doubling_high_half_away,
                 .tflite_xnnpack = s16 ? rounding::wide_half_up : rounding::tflite_optimized,
                 .pytorch_fbgemm = by_pytorch(rounding::reciprocal_half_even),
                 .pytorch_qnnpack = by_pytorch(rounding::reciprocal_half_even),
                 .mxnet = no_operator()});
}
constexpr decision log_softmax(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = rounding::doubling_high_half_away,
                               .tflite_xnnpack = rounding::tflite_optimized,
                               .pytorch_fbgemm = no_operator(),
                               .pytorch_qnnpack = no_operator(),
                               .mxnet = no_operator()});
}

constexpr decision pytorch_only(law l, rounding r) {
  return choose(l, {.tflite_ref = no_operator(),
                    .tflite_xnnpack = no_operator(),
                    .pytorch_fbgemm = by_pytorch(r),
                    .pytorch_qnnpack = by_pytorch(r),
                    .mxnet = no_operator()});
}
constexpr decision batch_norm(const facts& f) {
  return f.arithmetic == law::mxnet ? by_mxnet(rounding::float_half_even)
                                    : pytorch_only(f.arithmetic, rounding::float_half_even);
}
/// layer_norm, group_norm, instance_norm.
constexpr decision norm(const facts& f) { return pytorch_only(f.arithmetic, rounding::aten); }

/// Functions of floats: PyTorch's order of operations, or the plain one.
constexpr decision of_floats(const facts& f) {
  if (f.x.type != dtype::f32) return rounding::none;
  return choose(f.arithmetic, {.tflite_ref = rounding::none,
                               .tflite_xnnpack = rounding::none,
                               .pytorch_fbgemm = by_pytorch(rounding::aten),
                               .pytorch_qnnpack = by_pytorch(rounding::aten),
                               .mxnet = by_mxnet(rounding::none)});
}

/// Ranges of reals that TFLite and PyTorch quantize in one fixed way.
enum class fixed_range : std::uint8_t { zero_to_one, one_around_zero, sixteen_below_zero };
struct quantization {
  double scale = 0;
  std::int32_t zero_point = 0;
};
/// logistic, hard_sigmoid, softmax; tanh, l2_normalization; log_softmax.
constexpr quantization quantization_of(fixed_range r, dtype type) {
  const auto lowest = static_cast<std::int32_t>(lowest_of(type)),
             highest = static_cast<std::int32_t>(highest_of(type));
  const bool s16 = type == dtype::s16;
  switch (r) {
    case fixed_range::zero_to_one:
      return s16 ? quantization{0x1p-15, 0} : quantization{0x1p-8, lowest};
    case fixed_range::one_around_zero:
      return s16 ? quantization{0x1p-15, 0} : quantization{0x1p-7, lowest + 128};
    case fixed_range::sixteen_below_zero: return {0x1p-4, highest};
  }
  return {};
}

}  // namespace laws
OCTET_NAMESPACE_END

// ---- octet/ops/norm.hpp
// qnn.batch_norm, qnn.layer_norm, qnn.group_norm: normalizations of quantized tensors as PyTorch
// computes them.


OCTET_NAMESPACE_BEGIN

/// y = rint(fma(x - zx, alpha[c], beta[c])) + zy. Inputs: x, alpha, beta (float32 constants, one
/// per index of the last axis); the importer folds mean, variance, weight, bias and both scales
/// into alpha and beta.
struct batch_norm_params {
  dtype type = dtype::u8;
  std::size_t count = 0, channels = 1;
  std::int32_t in_zero_point = 0, zero_point = 0, lo = 0, hi = 0;
  const float* alpha = nullptr;
  const float* beta = nullptr;
};

/// Normalization of each group of `group` elements in memory order, groups being channels_per_group
/// channels of `inner` elements each; or, per element, of each row. Inputs: x, weight, bias
/// (float32 constants, optional; one per channel, or per element of a row).
///
/// With sums over the group of raw codes: m = f32(f32(S) / n), var = max(fma(-m, m, f32(f32(Q) /
/// n)), 0), k = f32(sx / sqrt(var * sx * sx + eps)) in binary64. Per channel: y = fma(d, f32(k *
/// w), b), per element: fma(f32(d * k), w, b), d = f32(f32(q - zx) - f32(m - zx)); quantized by the
/// reciprocal.
struct norm_attrs {
  std::int32_t groups =
      0;  // > 0: group_norm with one weight per channel; 0: layer_norm over `axes` innermost axes
  std::int32_t axes = 1;
  double epsilon = 1e-5;
  static constexpr auto fields =
      std::tuple{field{"groups", &norm_attrs::groups}, field{"axes", &norm_attrs::axes},
                 field{"epsilon", &norm_attrs::epsilon}};
};
struct norm_params {
  dtype type = dtype::u8;
  std::size_t groups = 0, group = 0;    // number of groups, elements of one
  std::size_t channels = 0, inner = 1;  // group_norm: channels of the tensor, elements of one
                                        // channel; layer_norm: channels == 0
  double in_scale = 1, epsilon = 0;
  float inverse = 1;
  std::int32_t in_zero_point = 0, zero_point = 0, lo = 0, hi = 0;
  const float* weight = nullptr;  // null: 1
  const float* bias = nullptr;    // null: 0
};

namespace reference {
template <class T>
constexpr void batch_norm(const batch_norm_params& p, const T* x, T* y, std::size_t begin,
                          std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    const std::size_t c = i % p.channels;
    const float v =
        numerics::fma(static_cast<float>(x[i] - p.in_zero_point), p.alpha[c], p.beta[c]);
    y[i] = static_cast<T>(
        numerics::clamp_to_int(static_cast<double>(numerics::rint(v)) + p.zero_point, p.lo, p.hi));
  }
}
inline void batch_norm_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const batch_norm_params*>(a.params);
  const auto r = part_of(p.count, a.part, a.parts);
  with_quantized(p.type, [&]<class T>(type_tag<T>) {
    batch_norm(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin, r.end);
  });
}
template <class T>
constexpr void norm(const norm_params& p, const T* x, T* y, std::size_t begin, std::size_t end) {
  for (std::size_t g = begin; g < end; ++g) {
    const T* from = x + g * p.group;
    std::int64_t sum = 0, squares = 0;
    for (std::size_t i = 0; i < p.group; ++i) {
      sum += from[i];
      squares += std::int64_t{from[i]} * from[i];
    }
    const auto n = static_cast<float>(p.group);
    const float raw_mean = numerics::div(static_cast<float>(sum), n),
                mean = numerics::sub(raw_mean, static_cast<float>(p.in_zero_point));
    const float spread = numerics::fma(-raw_mean, raw_mean,
                                       numerics::div(static_cast<float>(squares), n)),
                variance = spread > 0 ? spread : 0.f;
    const double root = numerics::sqrt(numerics::add(
        numerics::mul(numerics::mul(static_cast<double>(variance), p.in_scale), p.in_scale),
        p.epsilon));
    const auto scale = static_cast<float>(numerics::div(p.in_scale, root));
    for (std::size_t i = 0; i < p.group; ++i) {
      const std::size_t c = p.channels != 0 ? (g * p.group + i) / p.inner % p.channels : i;
      const float d = numerics::sub(static_cast<float>(from[i] - p.in_zero_point), mean),
                  w = p.weight ? p.weight[c] : 1.f, b = p.bias ? p.bias[c] : 0.f;
      const float v = p.channels != 0 ? numerics::fma(d, numerics::mul(scale, w), b)
                                      : numerics::fma(numerics::mul(d, scale), w, b);
      y[g * p.group + i] = static_cast<T>(numerics::clamp_to_int(
          static_cast<double>(numerics::rint(numerics::mul(v, p.inverse))) + p.zero_point, p.lo,
          p.hi));
    }
  }
}
inline void norm_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const norm_params*>(a.params);
  const auto r = part_of(p.groups, a.part, a.parts);
  with_quantized(p.type, [&]<class T>(type_tag<T>) {
    norm(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin, r.end);
  });
}
}  // namespace reference

namespace ops {
inline status batch_norm_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  auto& p = to.make<batch_norm_params>(&reference::batch_norm_kernel);
  if (x.per_channel() || y.per_channel()) return unsupported("per-channel activations");
  p.type = x.type;
  p.count = x.shape.elements().value;
  p.channels = static_cast<std::size_t>(x.shape.back(0));
  for (std::size_t i = 1; i < 3; ++i)
    if (!n.is_constant(i) || n.in[i].shape.elements().value != p.channels)
      return invalid("factors of batch_norm", to_string(n.in[i].shape),
                     "float32 constants, one per channel");
  p.alpha = n.constant_as<float>(1).data();
  p.beta = n.constant_as<float>(2).data();
  p.in_zero_point = x.zero_point(), p.zero_point = y.zero_point();
  const auto clamp = clamp_of(*n.attrs, y.type);
  p.lo = clamp.lo, p.hi = clamp.hi;
  return unit{};
}
inline constexpr form batch_norm_forms[] = {
    {.in = {eight_bit, dtype::f32, dtype::f32},
     .out = {like(0)},
     .roundings = rounding::float_half_even},
};
inline constexpr op_def batch_norm{
    .name = "qnn.batch_norm",
    .summary = "a factor and an offset for each channel",
    .min_inputs = 3,
    .max_inputs = 3,
    .forms = batch_norm_forms,
    .shape = &requantize_shape,
    .memory = &params_only<batch_norm_params>,
    .prepare = &batch_norm_prepare,
    .decide = &laws::batch_norm,
};

/// x is held as PyTorch holds it, channels on axis 1.
inline status norm_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  const auto a = read_attributes<norm_attrs>(*n.attrs);
  auto& p = to.make<norm_params>(&reference::norm_kernel);
  if (x.per_channel() || y.per_channel() || !x.quantized() || !y.quantized())
    return unsupported("quantization of a normalization", {}, "one scale per tensor");
  p.type = x.type;
  std::size_t parameters = 1;
  if (a.groups > 0) {
    if (x.shape.rank < 2 || x.shape[1] % a.groups != 0)
      return invalid("groups", std::to_string(a.groups), "a divisor of the channels");
    p.channels = parameters = static_cast<std::size_t>(x.shape[1]);
    for (int i = 2; i < x.shape.rank; ++i) p.inner *= static_cast<std::size_t>(x.shape[i]);
    p.group = p.channels / static_cast<std::size_t>(a.groups) * p.inner;
  } else {
    if (a.axes < 1 || a.axes > x.shape.rank)
      return invalid("normalized axes", std::to_string(a.axes),
                     "1 to " + std::to_string(x.shape.rank));
    p.group = 1;
    for (int i = 0; i < a.axes; ++i) p.group *= static_cast<std::size_t>(x.shape.back(i));
    parameters = p.group;
  }
  if (p.group == 0) return invalid("an empty group");
  p.groups = x.shape.elements().value / p.group;
  for (std::size_t i = 1; i < 3; ++i) {
    if (!n.present(i)) continue;
    if (!n.is_constant(i) || n.in[i].shape.elements().value != parameters)
      return invalid("weight or bias of a normalization", to_string(n.in[i].shape),
                     std::to_string(parameters) + " float32 constants");
    (i == 1 ? p.weight : p.bias) = n.constant_as<float>(i).data();
  }
  p.in_scale = x.scale(), p.epsilon = a.epsilon;
  p.inverse = numerics::div(1.f, y.scale_f32());
  p.in_zero_point = x.zero_point(), p.zero_point = y.zero_point();
  const auto clamp = clamp_of(*n.attrs, y.type);
  p.lo = clamp.lo, p.hi = clamp.hi;
  return unit{};
}
inline constexpr form norm_forms[] = {
    {.in = {eight_bit, dtype::f32, dtype::f32}, .out = {like(0)}, .roundings = rounding::aten},
};
inline constexpr op_def layer_norm{
    .name = "qnn.layer_norm",
    .summary = "rows to mean 0 and variance 1",
    .min_inputs = 1,
    .max_inputs = 3,
    .optional = {1, 2},
    .forms = norm_forms,
    .shape = &requantize_shape,
    .memory = &params_only<norm_params>,
    .prepare = &norm_prepare,
    .decide = &laws::norm,
};
inline constexpr op_def group_norm{
    .name = "qnn.group_norm",
    .summary = "groups of channels to mean 0 and variance 1",
    .min_inputs = 1,
    .max_inputs = 3,
    .optional = {1, 2},
    .forms = norm_forms,
    .shape = &requantize_shape,
    .memory = &params_only<norm_params>,
    .prepare = &norm_prepare,
    .decide = &laws::norm,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/pad.hpp
// qnn.pad (constant), pad (plain numbers) and mirror_pad (reflect, symmetric): any rank.


OCTET_NAMESPACE_BEGIN

/// Attributes: "paddings" [before0, after0, before1, after1, ...], "value" (qnn.pad: quantized,
/// default the zero point; pad: a number, default 0), "mode" of mirror_pad: 0 reflect (the edge is
/// not repeated), 1 symmetric (it is).
/// The numbers are the values of the attribute "mode".
enum class pad_mode : std::int32_t { reflect = 0, symmetric = 1, constant = 2 };

struct pad_params {
  pad_mode mode = pad_mode::constant;
  dtype type = dtype::u8;
  dims in, out;
  dims before;
  std::uint64_t value = 0;  // the element's bits
};

constexpr shape_or pad_shape(const dims& x, std::span<const std::int64_t> paddings, pad_mode mode) {
  if (paddings.size() != 2 * static_cast<std::size_t>(x.rank))
    return violation{
        rule::value, dims{2 * x.rank},
        dims{static_cast<std::int32_t>(std::min<std::size_t>(paddings.size(), INT32_MAX))}};
  dims y = x;
  for (int i = 0; i < x.rank; ++i) {
    const std::int64_t before = paddings[2 * static_cast<std::size_t>(i)],
                       after = paddings[2 * static_cast<std::size_t>(i) + 1];
    const std::int64_t most = mode == pad_mode::constant    ? INT32_MAX / 4
                              : mode == pad_mode::symmetric ? x[i]
                                                            : x[i] - 1;
    if (before < 0 || after < 0 || before > most || after > most ||
        x[i] + before + after > INT32_MAX)
      return violation{rule::value, dims{0, static_cast<std::int32_t>(most)},
                       dims{static_cast<std::int32_t>(before), static_cast<std::int32_t>(after)}};
    y[i] = static_cast<std::int32_t>(x[i] + before + after);
  }
  return y;
}

namespace reference {
/// Where output index o of one axis reads: an input index, or -1 for the pad value.
constexpr std::int32_t pad_source(std::int32_t o, std::int32_t before, std::int32_t in,
                                  pad_mode mode) {
  const std::int32_t i = o - before;
  if (i >= 0 && i < in) return i;
  if (mode == pad_mode::constant) return -1;
  const std::int32_t edge = mode == pad_mode::symmetric ? 1 : 0;
  return i < 0 ? -i - edge : 2 * in - 2 + edge - i;
}
/// Rows (all but the innermost axis) [begin, end) of the output.
template <class T>
constexpr void pad(const pad_params& p, const T* x, T* y, std::size_t begin, std::size_t end) {
  const std::int32_t last = p.out.rank - 1, width = p.out[last];
  for (std::size_t row = begin; row < end; ++row) {
    std::size_t rest = row, from = 0, stride = static_cast<std::size_t>(p.in[last]);
    bool filled = false;
    for (std::int32_t d = last - 1; d >= 0; --d) {
      const auto o = static_cast<std::int32_t>(rest % static_cast<std::size_t>(p.out[d]));
      rest /= static_cast<std::size_t>(p.out[d]);
      const std::int32_t i = pad_source(o, p.before[d], p.in[d], p.mode);
      filled |= i < 0;
      from += static_cast<std::size_t>(i < 0 ? 0 : i) * stride;
      stride *= static_cast<std::size_t>(p.in[d]);
    }
    T* to = y + row * static_cast<std::size_t>(width);
    for (std::int32_t o = 0; o < width; ++o) {
      const std::int32_t i = filled ? -1 : pad_source(o, p.before[last], p.in[last], p.mode);
      to[o] = i < 0 ? static_cast<T>(p.value) : x[from + static_cast<std::size_t>(i)];
    }
  }
}
inline void pad_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const pad_params*>(a.params);
  std::size_t rows = 1;
  for (std::int32_t d = 0; d + 1 < p.out.rank; ++d) rows *= static_cast<std::size_t>(p.out[d]);
  const auto r = part_of(rows, a.part, a.parts);
  with_size(p.type, [&]<class T>(type_tag<T>) {
    pad(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin, r.end);
  });
}
}  // namespace reference

namespace ops {
template <bool Mirror> constexpr status pad_op_shape(const node_view& n, std::span<dims> out) {
  const auto paddings = n.attrs->integers("paddings");
  return set_shape(out, pad_shape(n.in[0].shape, paddings,
                                  Mirror ? static_cast<pad_mode>(n.attrs->integer("mode") != 0)
                                         : pad_mode::constant));
}
/// The bits of attribute `key` (an integer or a real number) as an element of type t.
inline result<std::uint64_t> element_bits(const attribute_view& a, std::string_view key, dtype t,
                                          std::int64_t otherwise) {
  if (is_float(t)) {
    const double v = a.real(key, static_cast<double>(a.integer(key, otherwise)));
    if (t == dtype::f32) return std::uint64_t{std::bit_cast<std::uint32_t>(static_cast<float>(v))};
    if (t == dtype::f64) return std::bit_cast<std::uint64_t>(v);
    if (v == 0) return std::uint64_t{0};
    return unsupported("a float16 value other than 0");
  }
  const std::int64_t v = a.integer(key, otherwise);
  if (v < lowest_of(t) || v > highest_of(t))
    return invalid("attribute " + std::string(key), std::to_string(v),
                   "a value of " + std::string(name_of(t)));
  return static_cast<std::uint64_t>(v);
}
template <bool Mirror> status pad_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  auto& p = to.make<pad_params>(&reference::pad_kernel);
  if (x.quantized() && !x.same_quantization(y))
    return unsupported("pad that changes the quantization");
  p.mode = Mirror ? static_cast<pad_mode>(n.attrs->integer("mode") != 0) : pad_mode::constant;
  p.type = x.type;
  p.in = x.shape, p.out = y.shape;
  const auto paddings = n.attrs->integers("paddings");
  for (int i = 0; i < x.shape.rank; ++i)
    p.before.push_back(static_cast<std::int32_t>(paddings[2 * static_cast<std::size_t>(i)]));
  if (p.in.rank == 0) p.in = p.out = dims{1}, p.before = dims{0};
  const auto bits = element_bits(*n.attrs, "value", x.type, x.zero_point());
  if (!bits) return bits.error();
  p.value = *bits;
  return unit{};
}
inline constexpr op_def qnn_pad{
    .name = "qnn.pad",
    .summary = "a quantized value around",
    .forms = movement_forms,
    .shape = &pad_op_shape<false>,
    .memory = &params_only<pad_params>,
    .prepare = &pad_prepare<false>,
};
inline constexpr op_def pad{
    .name = "pad",
    .summary = "a value around",
    .forms = movement_forms,
    .shape = &pad_op_shape<false>,
    .memory = &params_only<pad_params>,
    .prepare = &pad_prepare<false>,
};
inline constexpr op_def mirror_pad{
    .name = "mirror_pad",
    .summary = "the mirrored edge around",
    .forms = movement_forms,
    .shape = &pad_op_shape<true>,
    .memory = &params_only<pad_params>,
    .prepare = &pad_prepare<true>,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/laws/windows.hpp
// Pooling, means, sums, bilinear resizing. PyTorch's kernels of these depend on the memory format.


OCTET_NAMESPACE_BEGIN
namespace laws {

/// QNNPACK counts padding always and knows neither a divisor nor ceil_mode: where the program asks
/// for something else, PyTorch's own kernel has the documented formula. Adaptive averages it takes
/// as one window for all results: only where the extents divide, and not where they are equal.
constexpr bool qnnpack_takes_average(const facts& f) {
  const pooling& p = f.pool;
  if (f.x.type != dtype::u8 || f.x.shape.rank != 4) return false;
  if (p.adaptive_h != 0 || p.adaptive_w != 0) {
    const std::int32_t h = f.x.shape[1], w = f.x.shape[2];
    return p.adaptive_h > 0 && p.adaptive_w > 0 && h % p.adaptive_h == 0 && w % p.adaptive_w == 0 &&
           !(h == p.adaptive_h && w == p.adaptive_w);
  }
  return !p.ceil_mode && (p.counts_padding || !p.padded) && !p.own_divisor;
}
/// PyTorch's own kernel: F for channels_last images; for contiguous ones the zero point joins
/// before the rounding (FZ), and adaptive averages are of raw values (ATEN).
constexpr rounding pytorch_average(const facts& f) {
  if (f.framework.channels_last) return rounding::float_half_even;
  return f.pool.adaptive_h != 0 || f.pool.adaptive_w != 0 ? rounding::aten
                                                          : rounding::float_zero_point_half_even;
}
constexpr decision average_pool(const facts& f) {
  return choose(f.arithmetic,
                {.tflite_ref = rounding::divide_half_away,
                 .tflite_xnnpack = rounding::divide_half_away,
                 .pytorch_fbgemm = by_pytorch(pytorch_average(f)),
                 .pytorch_qnnpack =
                     by_pytorch(qnnpack_takes_average(f) ? rounding::qnnpack : pytorch_average(f)),
                 .mxnet = by_mxnet(rounding::divide_half_even)});
}
/// Raw values; only the bounds of a fused activation depend on the law.
constexpr decision max_pool(const facts& f) {
  return choose(f.arithmetic, {.tflite_ref = rounding::none,
                               .tflite_xnnpack = is_8bit(f.x.type) ? by_xnnpack(rounding::none)
                                                                   : decision(rounding::none),
                               .pytorch_fbgemm = by_pytorch(rounding::none),
                               .pytorch_qnnpack = by_pytorch(rounding::none),
                               .mxnet = by_mxnet(rounding::none)});
}

/// Which of PyTorch's axes a reduction takes.
struct reduced_axes {
  bool innermost = true;  // the last ones, or none
  bool image = false;     // height and width of four, no others
};
constexpr reduced_axes reduced_axes_of(const facts& f) {
  const int rank = f.x.shape.rank;
  bool reduced[dims::max_rank]{};
  for (int i = 0; i < rank; ++i) {
    bool named = f.axes.rank == 0;
    for (std::int32_t a : f.axes) named |= a == i;
    // The framework's index of the IR's axis i.
    const int theirs = !f.framework.channels_inner || rank < 3 || i == 0 ? i
                       : i == rank - 1                                   ? 1
                                                                         : i + 1;
    reduced[theirs] = named;
  }
  reduced_axes r;
  bool seen = false;
  for (int i = 0; i < rank; ++i) {
    r.innermost &= !seen || reduced[i];
    seen |= reduced[i];
  }
  r.image = rank == 4 && !reduced[0] && !reduced[1] && reduced[2] && reduced[3];
  return r;
}
/// PyTorch sums codes where the reduced axes are the innermost of a contiguous tensor (EVEN), else
/// dequantizes, averages floats in its own order and quantizes (ATEN). QNNPACK takes height and
/// width. The quantization stays in all of them.
constexpr rounding pytorch_mean(const facts& f) {
  return f.framework.contiguous && reduced_axes_of(f).innermost ? rounding::divide_half_even
                                                                : rounding::aten;
}
constexpr decision mean(const facts& f) {
  const auto pytorch = [&](rounding r) {
    decision d = f.keeps_quantization ? by_pytorch(r) : no_operator();
    d.channels_last = r == rounding::aten && f.framework.channels_inner;
    return d;
  };
  return choose(
      f.arithmetic,
      {.tflite_ref = rounding::doubling_high_half_away,
       .tflite_xnnpack = is_8bit(f.x.type) ? by_xnnpack(rounding::xnnpack)
                                           : decision(rounding::doubling_high_half_away),
       .pytorch_fbgemm = pytorch(pytorch_mean(f)),
       .pytorch_qnnpack = pytorch(reduced_axes_of(f).image ? rounding::qnnpack : pytorch_mean(f)),
       .mxnet = no_operator()});
}
/// Of floats: PyTorch's order of summation, or the plain one.
constexpr decision float_mean(const facts& f) {
  decision d = of_floats(f);
  d.channels_last = d.round == rounding::aten && f.framework.channels_inner;
  return d;
}
constexpr decision sum(const facts& f) {
  return choose(f.arithmetic,
                {.tflite_ref = rounding::doubling_high_half_away,
                 .tflite_xnnpack = is_8bit(f.x.type) ? by_xnnpack(rounding::xnnpack)
                                                     : decision(rounding::doubling_high_half_away),
                 .pytorch_fbgemm = no_operator(),
                 .pytorch_qnnpack = no_operator(),
                 .mxnet = no_operator()});
}

/// PyTorch's channels_last kernel fuses its multiply-adds.
constexpr decision resize_bilinear(const facts& f) {
  const rounding tflite = f.x.type == dtype::u8 ? rounding::tflite_optimized
                                                : rounding::doubling_high_half_away,
                 pytorch =
                     f.framework.channels_last ? rounding::fused_multiply_add : rounding::aten;
  return choose(f.arithmetic, {.tflite_ref = tflite,
                               .tflite_xnnpack = is_8bit(f.x.type) ? by_xnnpack(rounding::xnnpack)
                                                                   : decision(tflite),
                               .pytorch_fbgemm = by_pytorch(pytorch),
                               .pytorch_qnnpack = by_pytorch(pytorch),
                               .mxnet = no_operator()});
}

}  // namespace laws
OCTET_NAMESPACE_END

// ---- octet/ops/pool2d.hpp
// qnn.avg_pool2d, qnn.max_pool2d, avg_pool2d, max_pool2d: NHWC windows with explicit padding; also
// the adaptive form.


OCTET_NAMESPACE_BEGIN

/// Padding never takes part in a maximum and adds nothing to a sum; it counts in an average's
/// divisor only with count_include_pad.
struct pool2d_attrs {
  std::int32_t window_h = 1, window_w = 1, stride_h = 1, stride_w = 1, dilation_h = 1,
               dilation_w = 1;  // dilation: max only
  std::int32_t pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  bool ceil_mode = false;  // a last, partly covered window also counts if it starts inside the
                           // image or the leading padding
  bool count_include_pad = false;
  std::int32_t divisor = 0;                     // > 0: divides every average
  std::int32_t adaptive_h = 0, adaptive_w = 0;  // > 0: output extents; window i covers [floor(i *
                                                // in / out), ceil((i + 1) * in / out))
  static constexpr auto fields =
      std::tuple{field{"window_h", &pool2d_attrs::window_h},
                 field{"window_w", &pool2d_attrs::window_w},
                 field{"stride_h", &pool2d_attrs::stride_h},
                 field{"stride_w", &pool2d_attrs::stride_w},
                 field{"dilation_h", &pool2d_attrs::dilation_h},
                 field{"dilation_w", &pool2d_attrs::dilation_w},
                 field{"pad_top", &pool2d_attrs::pad_top},
                 field{"pad_left", &pool2d_attrs::pad_left},
                 field{"pad_bottom", &pool2d_attrs::pad_bottom},
                 field{"pad_right", &pool2d_attrs::pad_right},
                 field{"ceil_mode", &pool2d_attrs::ceil_mode},
                 field{"count_include_pad", &pool2d_attrs::count_include_pad},
                 field{"divisor", &pool2d_attrs::divisor},
                 field{"adaptive_h", &pool2d_attrs::adaptive_h},
                 field{"adaptive_w", &pool2d_attrs::adaptive_w}};
};

struct pool2d_params {
  bool max = false;
  rounding mode = rounding::none;  // averages of quantized values: AWAY, F, FZ, QNN, ATEN,
                                   // EVEN; none: maximum, or plain numbers
  dtype type = dtype::u8;
  std::int32_t batch, in_h, in_w, channels, out_h, out_w, window_h, window_w, stride_h, stride_w,
      dilation_h, dilation_w;
  std::int32_t pad_top, pad_left, pad_bottom, pad_right;
  bool adaptive = false, count_include_pad = false;
  std::int32_t divisor = 0;
  std::int32_t in_zero_point = 0, zero_point = 0, lo = 0, hi = 0;
  double ratio = 1;                   // F, FZ: sx / sy in binary64
  float in_scale = 1, out_scale = 1;  // QNN
  float min = 0, max_value = 0;       // clamp of plain float32
};

/// One axis of a pooling output's shape; 0 where the rule is broken.
constexpr std::int32_t pooled_extent(std::int32_t in, std::int32_t window, std::int32_t stride,
                                     std::int32_t dilation, std::int32_t before, std::int32_t after,
                                     bool ceil_mode) {
  const std::int64_t reach = (std::int64_t{window} - 1) * dilation + 1,
                     padded = std::int64_t{in} + before + after;
  if (window < 1 || stride < 1 || dilation < 1 || before < 0 || after < 0 || in < 1 ||
      before >= reach || after >= reach || padded < reach || padded > INT32_MAX)
    return 0;
  std::int64_t out = (padded - reach) / stride + 1;
  if (ceil_mode && (padded - reach) % stride != 0 && out * stride < std::int64_t{in} + before)
    ++out;
  return static_cast<std::int32_t>(out);
}
constexpr shape_or pool2d_shape(const pool2d_attrs& a, const dims& x) {
  if (x.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, x};
  if (a.adaptive_h > 0 || a.adaptive_w > 0) {
    if (a.adaptive_h < 1 || a.adaptive_w < 1 || x[1] < 1 || x[2] < 1)
      return violation{rule::window, dims{1, 1}, dims{a.adaptive_h, a.adaptive_w}};
    return dims{x[0], a.adaptive_h, a.adaptive_w, x[3]};
  }
  if (a.stride_h < 1 || a.stride_w < 1 || a.dilation_h < 1 || a.dilation_w < 1)
    return violation{rule::stride, dims{1, 1, 1, 1},
                     dims{a.stride_h, a.stride_w, a.dilation_h, a.dilation_w}};
  const std::int32_t h = pooled_extent(x[1], a.window_h, a.stride_h, a.dilation_h, a.pad_top,
                                       a.pad_bottom, a.ceil_mode);
  const std::int32_t w = pooled_extent(x[2], a.window_w, a.stride_w, a.dilation_w, a.pad_left,
                                       a.pad_right, a.ceil_mode);
  if (h < 1 || w < 1)
    return violation{rule::window, dims{x[1], x[2]}, dims{a.window_h, a.window_w}};
  return dims{x[0], h, w, x[3]};
}

/// The taps of one output along one axis: input indices begin, begin + step, ... < end, all inside
/// the image; `counted`: the taps that count_include_pad counts (the declared padding, but not what
/// ceil_mode adds).
struct pool_range {
  std::int32_t begin, end, step, counted;
};
constexpr pool_range pool_taps(std::int32_t o, std::int32_t out, std::int32_t in,
                               std::int32_t window, std::int32_t stride, std::int32_t dilation,
                               std::int32_t before, std::int32_t after, bool adaptive) {
  if (adaptive) {
    const auto begin = static_cast<std::int32_t>(std::int64_t{o} * in / out),
               end = static_cast<std::int32_t>(((std::int64_t{o} + 1) * in + out - 1) / out);
    return {begin, end, 1, end - begin};
  }
  const std::int32_t start = o * stride - before, stop = start + (window - 1) * dilation + 1;
  std::int32_t first = start;
  if (first < 0) first += (-first + dilation - 1) / dilation * dilation;
  return {first, stop < in ? stop : in, dilation, (stop < in + after ? stop : in + after) - start};
}

namespace numerics {
/// Average of `taps` values: sum of raw q and the divisor n (all paddings resolved) to the output's
/// quantized value.
constexpr std::int32_t average(const pool2d_params& p, std::int64_t sum, std::int32_t taps,
                               std::int32_t n, std::int32_t window_h,
                               std::int32_t window_w) noexcept {
  const std::int64_t offset = sum - std::int64_t{taps} * p.in_zero_point;
  switch (p.mode) {
    case rounding::divide_half_away:
      return static_cast<std::int32_t>(clamp<std::int64_t>(
          (sum > 0 ? sum + n / 2 : sum - n / 2) / n, p.lo, p.hi));  // raw: zero points are equal
    case rounding::float_half_even:
      return clamp_to_int(static_cast<double>(scaled_half_even(
                              offset, static_cast<float>(div(p.ratio, static_cast<double>(n))))) +
                              p.zero_point,
                          p.lo, p.hi);
    case rounding::float_zero_point_half_even:
      return clamp_to_int(static_cast<double>(rint(
                              add(mul(static_cast<float>(offset),
                                      static_cast<float>(div(p.ratio, static_cast<double>(n)))),
                                  static_cast<float>(p.zero_point)))),
                          p.lo, p.hi);
    case rounding::qnnpack:
      return clamp_to_int(
          static_cast<double>(scaled_half_even(
              offset, div(p.in_scale, mul(p.out_scale, static_cast<float>(window_h * window_w))))) +
              p.zero_point,
          p.lo, p.hi);
    case rounding::aten:
      return clamp_to_int(
          static_cast<double>(scaled_half_even(
              sum, div(div(1.f, static_cast<float>(window_h)), static_cast<float>(window_w)))),
          p.lo, p.hi);
    case rounding::divide_half_even:
      return clamp_to_int(
          static_cast<double>(rint(div(static_cast<float>(sum), static_cast<float>(n)))), p.lo,
          p.hi);  // raw
    case rounding::none:
    case rounding::doubling_high_half_away:
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::double_half_away:
    case rounding::float_bias_half_even:
    case rounding::eight_bit_ratio_half_up:
    case rounding::reciprocal_half_even:
    case rounding::divide_truncate:
    case rounding::xnnpack:
    case rounding::fused_multiply_add:
    case rounding::tflite_optimized:
    case rounding::mxnet: break;  // pool2d_prepare refuses these
  }
  return p.zero_point;
}
}  // namespace numerics

namespace reference {
/// Output rows [begin, end) of batch * out_h.
template <class T>
constexpr void pool2d(const pool2d_params& p, const T* x, T* y, std::size_t begin,
                      std::size_t end) {
  const image_extents image{p.in_h, p.in_w, p.channels};
  for (std::size_t row = begin; row < end; ++row) {
    const auto [n, oy] = image_row_of(row, p.out_h);
    const auto v = pool_taps(oy, p.out_h, p.in_h, p.window_h, p.stride_h, p.dilation_h, p.pad_top,
                             p.pad_bottom, p.adaptive);
    for (std::int32_t ox = 0; ox < p.out_w; ++ox) {
      const auto h = pool_taps(ox, p.out_w, p.in_w, p.window_w, p.stride_w, p.dilation_w,
                               p.pad_left, p.pad_right, p.adaptive);
      T* to = y + (row * as_size(p.out_w) + as_size(ox)) * as_size(p.channels);
      const std::int32_t taps = (v.end > v.begin ? (v.end - v.begin + v.step - 1) / v.step : 0) *
                                (h.end > h.begin ? (h.end - h.begin + h.step - 1) / h.step : 0);
      const std::int32_t divisor = p.divisor > 0         ? p.divisor
                                   : p.count_include_pad ? v.counted * h.counted
                                                         : taps;
      const std::int32_t window_h = p.adaptive ? v.counted : p.window_h,
                         window_w = p.adaptive ? h.counted : p.window_w;
      for (std::int32_t c = 0; c < p.channels; ++c) {
        std::int64_t sum = 0;
        float fsum = 0;
        T best = std::is_floating_point_v<T>
                     ? static_cast<T>(-std::numeric_limits<float>::infinity())
                     : std::numeric_limits<T>::min();
        for (std::int32_t iy = v.begin; iy < v.end; iy += v.step)
          for (std::int32_t ix = h.begin; ix < h.end; ix += h.step) {
            const T q = x[nhwc_index(image, n, iy, ix, c)];
            if (q > best) best = q;
            if constexpr (std::is_floating_point_v<T>) {
              fsum = numerics::add(fsum, q);
            } else {
              sum += q;
            }
          }
        if constexpr (std::is_floating_point_v<T>) {
          to[c] = numerics::clamp(p.max ? best : numerics::div(fsum, static_cast<float>(divisor)),
                                  p.min, p.max_value);
        } else if (p.max) {
          to[c] = static_cast<T>(numerics::clamp<std::int32_t>(best, p.lo, p.hi));
        } else {
          to[c] = static_cast<T>(numerics::average(p, sum, taps, divisor, window_h, window_w));
        }
      }
    }
  }
}
inline void pool2d_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const pool2d_params*>(a.params);
  const auto rows = part_of(product_of(p.batch, p.out_h), a.part, a.parts);
  if (p.type == dtype::f32)
    return pool2d(p, static_cast<const float*>(a.in[0]), static_cast<float*>(a.out[0]), rows.begin,
                  rows.end);
  with_quantized(p.type, [&]<class T>(type_tag<T>) {
    pool2d(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), rows.begin, rows.end);
  });
}
}  // namespace reference

namespace ops {
constexpr status pool2d_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, pool2d_shape(read_attributes<pool2d_attrs>(*n.attrs), n.in[0].shape));
}
template <bool Max, bool Quantized> status pool2d_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<pool2d_attrs>(*n.attrs);
  const tensor_desc &x = n.in[0], &y = n.out[0];
  auto& p = to.make<pool2d_params>(&reference::pool2d_kernel, kernel_id::pool2d);
  p.max = Max;
  p.mode = n.round;
  p.type = x.type;
  p.batch = x.shape[0], p.in_h = x.shape[1], p.in_w = x.shape[2], p.channels = x.shape[3];
  p.out_h = y.shape[1], p.out_w = y.shape[2];
  p.window_h = a.window_h, p.window_w = a.window_w, p.stride_h = a.stride_h,
  p.stride_w = a.stride_w, p.dilation_h = a.dilation_h, p.dilation_w = a.dilation_w;
  p.pad_top = a.pad_top, p.pad_left = a.pad_left, p.pad_bottom = a.pad_bottom,
  p.pad_right = a.pad_right;
  p.adaptive = a.adaptive_h > 0;
  p.count_include_pad = a.count_include_pad;
  p.divisor = a.divisor;
  if (a.divisor < 0) return invalid("divisor", std::to_string(a.divisor), "0 or more");
  if (!Max && (a.dilation_h != 1 || a.dilation_w != 1))
    return unsupported("dilation in average pooling");
  const auto clamp = clamp_of(*n.attrs, y.type);
  p.lo = clamp.lo, p.hi = clamp.hi;
  if constexpr (!Quantized) {
    const auto c = read_attributes<float_clamp_attrs>(*n.attrs);
    p.min = static_cast<float>(c.float_lo), p.max_value = static_cast<float>(c.float_hi);
  }
  if (Max || !Quantized) {
    if (Quantized && !x.same_quantization(y))
      return invalid("max pooling does not change the quantization");
    return unit{};
  }
  if (x.per_channel() || y.per_channel()) return unsupported("per-channel activations");
  constexpr rounding_set keeping{rounding::divide_half_away, rounding::divide_half_even,
                                 rounding::aten};
  if (keeping.contains(n.round) && !x.same_quantization(y))
    return unsupported("an average of another scale or zero point in rounding " +
                       std::string(name_of(n.round)));
  p.in_zero_point = x.zero_point(), p.zero_point = y.zero_point();
  p.ratio = numerics::div(x.scale(), y.scale());
  p.in_scale = x.scale_f32(), p.out_scale = y.scale_f32();
  return unit{};
}
inline constexpr form qnn_avg_pool2d_forms[] = {
    {.in = {quantized_types},
     .out = {like(0)},
     .roundings = {rounding::divide_half_away, rounding::divide_half_even,
                   rounding::float_half_even, rounding::float_zero_point_half_even,
                   rounding::qnnpack, rounding::aten}},
};
inline constexpr form qnn_max_pool2d_forms[] = {
    {.in = {quantized_types}, .out = {like(0)}},
};
inline constexpr op_def qnn_avg_pool2d{
    .name = "qnn.avg_pool2d",
    .summary = "average of windows",
    .forms = qnn_avg_pool2d_forms,
    .kernel = kernel_id::pool2d,
    .shape = &pool2d_op_shape,
    .memory = &params_only<pool2d_params>,
    .prepare = &pool2d_prepare<false, true>,
    .decide = &laws::average_pool,
};
inline constexpr op_def qnn_max_pool2d{
    .name = "qnn.max_pool2d",
    .summary = "largest of windows, quantized",
    .forms = qnn_max_pool2d_forms,
    .kernel = kernel_id::pool2d,
    .shape = &pool2d_op_shape,
    .memory = &params_only<pool2d_params>,
    .prepare = &pool2d_prepare<true, true>,
    .decide = &laws::max_pool,
};
inline constexpr op_def avg_pool2d{
    .name = "avg_pool2d",
    .summary = "average of windows, float32",
    .forms = float_forms,
    .shape = &pool2d_op_shape,
    .memory = &params_only<pool2d_params>,
    .prepare = &pool2d_prepare<false, false>,
};
inline constexpr op_def max_pool2d{
    .name = "max_pool2d",
    .summary = "largest of windows, float32",
    .forms = float_forms,
    .shape = &pool2d_op_shape,
    .memory = &params_only<pool2d_params>,
    .prepare = &pool2d_prepare<true, false>,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/prelu.hpp
// qnn.prelu and prelu: a slope of its own for each channel (or element) below 0.


OCTET_NAMESPACE_BEGIN

/// EVEN_MUL (PyTorch): both dequantized, x > 0 ? x : x * slope in binary32, quantized by the
/// reciprocal. DR: v = x - zx; v >= 0: DR(v; QM(sx / sy)), else DR(v * (a - za); QM(sx * sa / sy)),
/// both ratios formed in binary32.
struct prelu_params {
  rounding mode = rounding::none;
  dtype type = dtype::f32;
  float in_scale = 1, slope_scale = 1, inverse = 1;  // EVEN_MUL
  std::int32_t in_zero_point = 0, slope_zero_point = 0, out_zero_point = 0, lo = 0, hi = 0;
  multiplier positive{}, negative{};
  broadcast_plan<2> shape;
};

namespace reference {
template <class T>
constexpr void prelu(const prelu_params& p, const T* x, const T* slope, T* y, std::size_t begin,
                     std::size_t end) {
  for_each_broadcast(p.shape, begin, end, [&](std::size_t i, const auto& at) {
    if constexpr (std::is_floating_point_v<T>) {
      y[i] = x[at[0]] >= 0 ? x[at[0]] : numerics::mul(x[at[0]], slope[at[1]]);
    } else if (p.mode == rounding::reciprocal_half_even) {
      const float v = numerics::mul(static_cast<float>(x[at[0]] - p.in_zero_point), p.in_scale),
                  a = numerics::mul(static_cast<float>(slope[at[1]] - p.slope_zero_point),
                                    p.slope_scale);
      y[i] = static_cast<T>(numerics::finish(static_cast<double>(numerics::rint(numerics::mul(
                                                 v > 0 ? v : numerics::mul(v, a), p.inverse))),
                                             p.out_zero_point, p.lo, p.hi));
    } else {
      const std::int32_t v = x[at[0]] - p.in_zero_point;
      const std::int64_t r =
          v >= 0 ? rounding_policy::doubling_high_half_away::apply(v, p.positive)
                 : rounding_policy::doubling_high_half_away::apply(
                       std::int64_t{v} * (slope[at[1]] - p.slope_zero_point), p.negative);
      y[i] = static_cast<T>(numerics::finish(r, p.out_zero_point, p.lo, p.hi));
    }
  });
}
inline void prelu_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const prelu_params*>(a.params);
  const auto r = part_of(p.shape.count, a.part, a.parts);
  const auto run = [&]<class T>(type_tag<T>) {
    prelu(p, static_cast<const T*>(a.in[0]), static_cast<const T*>(a.in[1]),
          static_cast<T*>(a.out[0]), r.begin, r.end);
  };
  if (p.type == dtype::f32)
    run(type_tag<float>{});
  else
    with_quantized(p.type, run);
}
}  // namespace reference

namespace ops {
/// The slopes broadcast to the input, never the other way round.
constexpr status prelu_op_shape(const node_view& n, std::span<dims> out) {
  const dims &x = n.in[0].shape, y = broadcast(x, n.in[1].shape);
  if (y.rank != x.rank || !(y == x)) return violation{rule::shapes_differ, x, n.in[1].shape};
  out[0] = x;
  return unit{};
}
template <bool Quantized> status prelu_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &a = n.in[1], &y = n.out[0];
  auto& p = to.make<prelu_params>(&reference::prelu_kernel);
  p.type = x.type;
  p.shape = make_broadcast<2>({x.shape, a.shape}, y.shape);
  p.mode = n.round;
  if constexpr (!Quantized) return unit{};
  if (x.per_channel() || a.per_channel() || y.per_channel())
    return unsupported("per-channel quantization of prelu");
  p.in_zero_point = x.zero_point(), p.slope_zero_point = a.zero_point(),
  p.out_zero_point = y.zero_point();
  p.lo = static_cast<std::int32_t>(lowest_of(y.type)),
  p.hi = static_cast<std::int32_t>(highest_of(y.type));
  p.in_scale = x.scale_f32(), p.slope_scale = a.scale_f32(),
  p.inverse = numerics::div(1.f, y.scale_f32());
  p.positive = numerics::quantize_multiplier(
      static_cast<double>(numerics::div(x.scale_f32(), y.scale_f32())));
  p.negative = numerics::quantize_multiplier(static_cast<double>(
      numerics::div(numerics::mul(x.scale_f32(), a.scale_f32()), y.scale_f32())));
  return unit{};
}
inline constexpr form qnn_prelu_forms[] = {
    {.in = {eight_bit, like(0)},
     .out = {like(0)},
     .roundings = {rounding::doubling_high_half_away, rounding::reciprocal_half_even}},
};
inline constexpr form float_pair_forms[] = {
    {.in = {dtype::f32, dtype::f32}, .out = {dtype::f32}},
};
inline constexpr op_def qnn_prelu{
    .name = "qnn.prelu",
    .summary = "x, below 0 times a slope, quantized",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = qnn_prelu_forms,
    .shape = &prelu_op_shape,
    .memory = &params_only<prelu_params>,
    .prepare = &prelu_prepare<true>,
    .decide = &laws::prelu,
};
inline constexpr op_def prelu{
    .name = "prelu",
    .summary = "x, below 0 times a slope",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = float_pair_forms,
    .shape = &prelu_op_shape,
    .memory = &params_only<prelu_params>,
    .prepare = &prelu_prepare<false>,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/reduce.hpp
// qnn.mean, qnn.sum and reductions of plain numbers over any axes: mean, sum, reduce_max,
// reduce_min, reduce_prod, reduce_any, reduce_all.


OCTET_NAMESPACE_BEGIN

struct reduce_attrs {
  dims axes{};  // may be negative, repeated; none: all
  bool keep_dims = false;
  bool channels_last =
      false;  // rounding ATEN: the framework's order of axes has the last one here second
  static constexpr auto fields =
      std::tuple{field{"axes", &reduce_attrs::axes}, field{"keep_dims", &reduce_attrs::keep_dims},
                 field{"channels_last", &reduce_attrs::channels_last}};
};

enum class reduction : std::uint8_t { mean, sum, max, min, prod, any, all };

/// The input as kept and reduced axes, adjacent ones merged; innermost last. Elements are visited
/// in memory order within each output.
struct reduce_plan {
  std::size_t outputs = 0, count = 0;  // elements of the output; input elements per output
  std::int32_t kept_rank = 0, reduced_rank = 0;
  std::array<std::int32_t, dims::max_rank> kept{}, kept_stride{}, reduced{}, reduced_stride{};
  // Set where the input is [outer][count][inner] in memory: y[o][i] reduces x[o][0..count)[i].
  // Global pooling of NHWC is this.
  bool simple = false;
  std::size_t outer = 1, inner = 1;
};

struct mean_params {
  reduction op = reduction::mean;
  rounding mode = rounding::none;  // quantized mean and sum: DR, XNN, F, QNN, EVEN; prod: DR;
                                   // none: raw comparison or plain numbers
  dtype type = dtype::u8, out_type = dtype::u8;
  std::int32_t in_zero_point = 0;
  requantize_params requant;    // DR, F, QNN
  float scale = 0, offset = 0;  // XNN
  reduce_plan plan;
};

/// A mean of floats in the order of PyTorch's sum with vectors of 8 (AVX2): the two innermost loops
/// first, then the others. Reduced axes come before kept ones, by stride; kept ones in the order of
/// the framework's output. Strides are in elements.
struct aten_mean_params {
  struct loop {
    std::size_t extent = 1, in = 0, out = 0;
  };
  std::array<loop, dims::max_rank + 2> loops{};
  std::size_t rank = 0, reduced = 0, outputs = 0, count = 0;
};
/// The same of quantized values: dequantized, averaged as floats, quantized by the reciprocal.
struct quantized_aten_mean_params {
  aten_mean_params mean;
  dtype type = dtype::u8;
  float in_scale = 1, inverse = 1;
  std::int32_t in_zero_point = 0, out_zero_point = 0, lo = 0, hi = 0;
};

constexpr shape_or reduce_shape(const reduce_attrs& a, const dims& x) {
  std::array<bool, dims::max_rank> reduced{};
  for (std::int32_t axis : a.axes) {
    if (axis < -x.rank || axis >= x.rank)
      return violation{rule::axis, dims{-x.rank, x.rank - 1}, dims{axis}};
    reduced[static_cast<std::size_t>(axis < 0 ? axis + x.rank : axis)] = true;
  }
  dims y;
  for (int i = 0; i < x.rank; ++i) {
    const bool gone = a.axes.rank == 0 || reduced[static_cast<std::size_t>(i)];
    if (gone && x[i] < 1) return violation{rule::element_count, dims{1}, dims{x[i]}};
    if (!gone)
      y.push_back(x[i]);
    else if (a.keep_dims)
      y.push_back(1);
  }
  return y;
}
constexpr reduce_plan make_reduce(const reduce_attrs& a, const dims& x) {
  reduce_plan p;
  std::array<bool, dims::max_rank> flags{};
  for (int i = 0; i < x.rank; ++i) flags[static_cast<std::size_t>(i)] = a.axes.rank == 0;
  for (std::int32_t axis : a.axes)
    flags[static_cast<std::size_t>(axis < 0 ? axis + x.rank : axis)] = true;
  // Merge neighbours of one kind (axes of extent 1 belong to any kind), outermost first.
  std::array<std::int32_t, dims::max_rank> extent{};
  std::array<bool, dims::max_rank> kind{};
  std::size_t rank = 0;
  p.outputs = p.count = 1;
  for (int i = 0; i < x.rank; ++i) {
    const bool gone = flags[static_cast<std::size_t>(i)];
    (gone ? p.count : p.outputs) *= static_cast<std::size_t>(x[i]);
    if (x[i] == 1) continue;
    if (rank > 0 && kind[rank - 1] == gone) {
      extent[rank - 1] *= x[i];
    } else {
      extent[rank] = x[i];
      kind[rank++] = gone;
    }
  }
  std::int32_t stride = 1;
  std::array<std::int32_t, dims::max_rank> strides{};
  for (std::size_t i = rank; i-- > 0;) {
    strides[i] = stride;
    stride *= extent[i];
  }
  for (std::size_t i = 0; i < rank; ++i) {
    auto& n = kind[i] ? p.reduced_rank : p.kept_rank;
    (kind[i] ? p.reduced : p.kept)[static_cast<std::size_t>(n)] = extent[i];
    (kind[i] ? p.reduced_stride : p.kept_stride)[static_cast<std::size_t>(n)] = strides[i];
    ++n;
  }
  p.simple = p.reduced_rank <= 1;
  if (p.reduced_rank == 1) {
    p.inner = static_cast<std::size_t>(p.reduced_stride[0]);
    p.outer = p.inner == 0 ? 0 : p.outputs / p.inner;
  } else if (p.reduced_rank == 0) {
    p.inner = p.outputs;
  }
  return p;
}
constexpr aten_mean_params make_aten_mean(const reduce_attrs& a, const dims& x) {
  aten_mean_params p;
  std::array<bool, dims::max_rank> gone{};
  std::array<std::size_t, dims::max_rank> in{}, out{};
  for (int i = 0; i < x.rank; ++i) gone[static_cast<std::size_t>(i)] = a.axes.rank == 0;
  for (std::int32_t axis : a.axes)
    gone[static_cast<std::size_t>(axis < 0 ? axis + x.rank : axis)] = true;
  p.outputs = p.count = 1;
  std::size_t stride = 1;
  for (int i = x.rank; i-- > 0;) {
    const auto k = static_cast<std::size_t>(i), n = static_cast<std::size_t>(x[i]);
    in[k] = stride, stride *= n;
    out[k] = p.outputs;
    (gone[k] ? p.count : p.outputs) *= n;
  }
  const auto add = [&](std::size_t k, bool first) {
    const auto n = static_cast<std::size_t>(x[static_cast<int>(k)]);
    if (n == 1) return first;
    if (!first && p.loops[p.rank - 1].in * p.loops[p.rank - 1].extent == in[k])
      p.loops[p.rank - 1].extent *= n;
    else
      p.loops[p.rank++] = {n, in[k], gone[k] ? 0 : out[k]};
    return false;
  };
  bool first = true;
  for (int i = x.rank; i-- > 0;)
    if (gone[static_cast<std::size_t>(i)]) first = add(static_cast<std::size_t>(i), first);
  p.reduced = p.rank;
  first = true;
  for (int i = x.rank; i-- > 0;) {
    const int axis = !a.channels_last || i == 0 ? i : i == 1 ? x.rank - 1 : i - 1;
    if (!gone[static_cast<std::size_t>(axis)]) first = add(static_cast<std::size_t>(axis), first);
  }
  p.rank = p.rank < 2 ? 2 : p.rank;
  return p;
}
/// f(offset) for every input element of output `o`, in memory order.
template <class F> constexpr void for_each_reduced(const reduce_plan& p, std::size_t o, F&& f) {
  std::size_t base = 0, rest = o;
  for (std::int32_t i = p.kept_rank - 1; i >= 0; --i) {
    const auto axis = static_cast<std::size_t>(i), extent = static_cast<std::size_t>(p.kept[axis]);
    base += rest % extent * static_cast<std::size_t>(p.kept_stride[axis]);
    rest /= extent;
  }
  for (std::size_t k = 0; k < p.count; ++k) {
    std::size_t at = base, left = k;
    for (std::int32_t i = p.reduced_rank - 1; i >= 0; --i) {
      const auto axis = static_cast<std::size_t>(i),
                 extent = static_cast<std::size_t>(p.reduced[axis]);
      at += left % extent * static_cast<std::size_t>(p.reduced_stride[axis]);
      left /= extent;
    }
    f(at);
  }
}

namespace numerics {
/// TFLite's mean: the multiplier with 1 / n folded in. M * 2^k is exact, the division truncates.
constexpr multiplier mean_multiplier(multiplier q, std::size_t n) noexcept {
  int k = static_cast<int>(std::bit_width(n)) - 1;
  if (k > 32) k = 32;
  if (k > 31 + q.shift) k = 31 + q.shift;
  if (k < 0) k = 0;
  return {static_cast<std::int32_t>((std::int64_t{q.m} << k) / static_cast<std::int64_t>(n)),
          q.shift - k};
}
/// XNNPACK: rint(f32(f32(f32(sum) * scale) + offset)), the zero points inside `offset`.
constexpr std::int32_t mean_xnn(const mean_params& p, std::int64_t sum) noexcept {
  return clamp_to_int(
      static_cast<double>(rint(add(mul(static_cast<float>(sum), p.scale), p.offset))), p.requant.lo,
      p.requant.hi);
}
/// The quantized mean or sum from the sum of raw values.
constexpr std::int32_t mean_value(const mean_params& p, std::int64_t sum) noexcept {
  const requantize_params& q = p.requant;
  switch (p.mode) {
    case rounding::xnnpack: return mean_xnn(p, sum);
    case rounding::divide_half_even:
      return clamp_to_int(
          static_cast<double>(rint(div(static_cast<float>(sum), static_cast<float>(p.plan.count)))),
          q.lo, q.hi);  // raw: parameters are equal
    case rounding::doubling_high_half_away:
    case rounding::float_half_even:
    case rounding::qnnpack:
      return requantize(q, sum - static_cast<std::int64_t>(p.plan.count) * p.in_zero_point, 0);
    case rounding::none:
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::double_half_away:
    case rounding::float_bias_half_even:
    case rounding::float_zero_point_half_even:
    case rounding::eight_bit_ratio_half_up:
    case rounding::divide_half_away:
    case rounding::reciprocal_half_even:
    case rounding::divide_truncate:
    case rounding::aten:
    case rounding::fused_multiply_add:
    case rounding::tflite_optimized:
    case rounding::mxnet: break;  // mean_prepare refuses these
  }
  return q.zero_point;
}
}  // namespace numerics

namespace numerics {
/// TFLite's product: scaled after every factor by sx / sy^(1/n) (in the 64-bit form of the
/// multiplier), so that it stays in range.
constexpr std::int32_t prod_step(multiplier q, std::int32_t product, std::int32_t offset) noexcept {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(
      static_cast<std::uint64_t>(wide_half_up(std::int64_t{product} * offset, q))));
}
}  // namespace numerics

namespace reference {
template <class T>
constexpr void quantized_prod(const mean_params& p, const T* x, T* y, std::size_t begin,
                              std::size_t end) {
  for (std::size_t o = begin; o < end; ++o) {
    std::int32_t product = 0;
    bool first = true;
    for_each_reduced(p.plan, o, [&](std::size_t i) {
      const std::int32_t offset = x[i] - p.in_zero_point;
      product = first ? offset : numerics::prod_step(p.requant.mult[0], product, offset);
      first = false;
    });
    y[o] = static_cast<T>(numerics::requantize(p.requant, product, 0));
  }
}
template <class T>
constexpr void mean(const mean_params& p, const T* x, T* y, std::size_t begin, std::size_t end) {
  for (std::size_t o = begin; o < end; ++o) {
    std::int64_t sum = 0;
    for_each_reduced(p.plan, o, [&](std::size_t i) { sum += x[i]; });
    y[o] = static_cast<T>(numerics::mean_value(p, sum));
  }
}
/// Comparisons, logic, and plain sums and products (float32 in memory order, one rounding per step;
/// integers wrap).
template <class T>
constexpr void reduce(const mean_params& p, const T* x, T* y, std::size_t begin, std::size_t end) {
  for (std::size_t o = begin; o < end; ++o) {
    T v{};
    bool first = true;
    if (p.op == reduction::prod) v = static_cast<T>(1);
    if (p.op == reduction::all) v = static_cast<T>(1);
    for_each_reduced(p.plan, o, [&](std::size_t i) {
      const T e = x[i];
      switch (p.op) {
        case reduction::max: v = first || e > v ? e : v; break;
        case reduction::min: v = first || e < v ? e : v; break;
        case reduction::any: v = static_cast<T>(v != T{} || e != T{}); break;
        case reduction::all: v = static_cast<T>(v != T{} && e != T{}); break;
        case reduction::prod:
          if constexpr (std::is_floating_point_v<T>)
            v = numerics::mul(v, e);
          else
            v = static_cast<T>(static_cast<std::uint64_t>(v) * static_cast<std::uint64_t>(e));
          break;
        case reduction::mean:
        case reduction::sum:
          if constexpr (std::is_floating_point_v<T>)
            v = numerics::add(v, e);
          else
            v = static_cast<T>(static_cast<std::uint64_t>(v) + static_cast<std::uint64_t>(e));
          break;
      }
      first = false;
    });
    if (p.op == reduction::mean) {
      if constexpr (std::is_floating_point_v<T>)
        v = numerics::div(v, static_cast<float>(p.plan.count));
      else
        v = static_cast<T>(static_cast<std::int64_t>(v) / static_cast<std::int64_t>(p.plan.count));
    }
    y[o] = v;
  }
}
/// The sum of get(0) .. get(n - 1) in up to four levels: blocks of 16 (longer ones above 2^20
/// elements), sums of blocks, and so on.
template <class F> constexpr float cascade_sum(std::size_t n, F&& get) {
  const std::size_t bits = n <= 2 ? 1 : static_cast<std::size_t>(std::bit_width(n - 1)),
                    power = bits / 4 > 4 ? bits / 4 : 4, step = std::size_t{1} << power;
  float level[4] = {};
  std::size_t i = 0;
  while (i + step <= n) {
    for (std::size_t j = 0; j < step; ++j) level[0] = numerics::add(level[0], get(i++));
    for (std::size_t j = 1; j < 4; ++j) {
      level[j] = numerics::add(level[j], level[j - 1]);
      level[j - 1] = 0;
      if ((i & (step - 1) << (j * power)) != 0) break;
    }
  }
  while (i < n) level[0] = numerics::add(level[0], get(i++));
  for (std::size_t j = 1; j < 4; ++j) level[0] = numerics::add(level[0], level[j]);
  return level[0];
}
/// Four interleaved sums, the rest to the first of them.
template <class F> constexpr float row_sum(std::size_t n, F&& get) {
  float part[4];
  for (std::size_t k = 0; k < 4; ++k)
    part[k] = cascade_sum(n / 4, [&](std::size_t i) { return get(4 * i + k); });
  for (std::size_t i = n / 4 * 4; i < n; ++i) part[0] = numerics::add(part[0], get(i));
  for (std::size_t k = 1; k < 4; ++k) part[0] = numerics::add(part[0], part[k]);
  return part[0];
}
/// x(i): element i of the input in memory order.
template <class F> void aten_mean(const aten_mean_params& p, const F& x, float* y) noexcept {
  constexpr std::size_t lanes = 8;
  for (std::size_t o = 0; o < p.outputs; ++o) y[o] = 0;
  const auto &a = p.loops[0], &b = p.loops[1];
  std::size_t repeats = 1;
  for (std::size_t k = 2; k < p.rank; ++k) repeats *= p.loops[k].extent;
  for (std::size_t r = 0; r < repeats; ++r) {
    std::size_t from = 0;
    float* to = y;
    std::size_t rest = r;
    for (std::size_t k = 2; k < p.rank; ++k) {
      from += rest % p.loops[k].extent * p.loops[k].in,
          to += rest % p.loops[k].extent * p.loops[k].out;
      rest /= p.loops[k].extent;
    }
    for (std::size_t j = 0; j < b.extent; ++j) {
      const std::size_t row = from + j * b.in;
      float& sum = to[j * b.out];
      const auto get = [&](std::size_t i) { return x(row + i * a.in); };
      float v = 0;
      if (p.reduced == 0) {
        for (std::size_t i = 0; i < a.extent; ++i) to[i * a.out + j * b.out] = get(i);
        continue;
      }
      if (a.in == 1 && a.extent >= lanes) {  // vectors along the reduced axis
        for (std::size_t i = a.extent / lanes * lanes; i < a.extent; ++i)
          v = numerics::add(v, get(i));
        for (std::size_t k = 0; k < lanes; ++k)
          v = numerics::add(
              v, row_sum(a.extent / lanes, [&](std::size_t i) { return get(i * lanes + k); }));
      } else {  // whole blocks of four vectors, or of four values, sum each for itself
        const std::size_t block = b.in == 1 && b.extent >= lanes ? 4 * lanes : a.in < b.in ? 0 : 4;
        v = block != 0 && j < b.extent / block * block ? cascade_sum(a.extent, get)
                                                       : row_sum(a.extent, get);
      }
      sum = numerics::add(sum, v);
    }
  }
  for (std::size_t o = 0; o < p.outputs; ++o)
    y[o] = numerics::div(y[o], static_cast<float>(p.count));
}
inline void aten_mean_kernel(const kernel_args& a) noexcept {
  const auto* x = static_cast<const float*>(a.in[0]);
  if (a.part == 0)
    aten_mean(
        *static_cast<const aten_mean_params*>(a.params), [x](std::size_t i) { return x[i]; },
        static_cast<float*>(a.out[0]));
}
inline void quantized_aten_mean_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const quantized_aten_mean_params*>(a.params);
  if (a.part != 0) return;
  auto* means = reinterpret_cast<float*>(a.scratch);
  with_quantized(p.type, [&]<class T>(type_tag<T>) {
    const auto* x = static_cast<const T*>(a.in[0]);
    aten_mean(
        p.mean,
        [&](std::size_t i) { return numerics::dequantize(x[i], p.in_zero_point, p.in_scale); },
        means);
    for (std::size_t o = 0; o < p.mean.outputs; ++o)
      static_cast<T*>(a.out[0])[o] = static_cast<T>(
          numerics::quantize_even_mul(means[o], p.inverse, p.out_zero_point, p.lo, p.hi));
  });
}
inline void mean_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const mean_params*>(a.params);
  const auto r = part_of(p.plan.outputs, a.part, a.parts);
  if (p.mode != rounding::none) {
    if (p.op == reduction::prod)
      with_quantized(p.type, [&]<class T>(type_tag<T>) {
        quantized_prod(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin,
                       r.end);
      });
    else
      with_quantized(p.type, [&]<class T>(type_tag<T>) {
        mean(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin, r.end);
      });
    return;
  }
  const auto run = [&]<class T>(type_tag<T>) {
    reduce(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin, r.end);
  };
  if (p.type == dtype::f32)
    run(type_tag<float>{});
  else if (p.type == dtype::boolean)
    run(type_tag<std::uint8_t>{});
  else
    with_integer(p.type, run);
}
}  // namespace reference

namespace ops {
constexpr status reduce_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, reduce_shape(read_attributes<reduce_attrs>(*n.attrs), n.in[0].shape));
}

/// Of quantized values: one factor in the form of the rounding; PyTorch's mean keeps float means.
constexpr void quantized_reduce_memory(const node_view& n, node_memory& to) {
  if (n.round == rounding::aten) {
    to.reference_scratch = bytes_of(n.out[0].shape.elements(), dtype::f32).value;
    return to.make<quantized_aten_mean_params>();
  }
  to.make<mean_params>();
  if (n.round == rounding::doubling_high_half_away) to.array<multiplier>(1);
  if (n.round == rounding::float_half_even || n.round == rounding::qnnpack) to.array<float>(1);
}
constexpr void mean_memory(const node_view& n, node_memory& to) {
  if (n.round == rounding::aten)
    to.make<aten_mean_params>();
  else
    to.make<mean_params>();
}
template <reduction Op, bool Quantized> status mean_prepare(const node_view& n, prepared& to) {
  const auto attrs = read_attributes<reduce_attrs>(*n.attrs);
  const tensor_desc &x = n.in[0], &y = n.out[0];
  if constexpr (Op == reduction::mean && !Quantized)
    if (n.round == rounding::aten) {
      to.make<aten_mean_params>(&reference::aten_mean_kernel, kernel_id::none) =
          make_aten_mean(attrs, x.shape);
      return unit{};
    }
  if constexpr (Quantized)
    if (!x.quantized() || !y.quantized() || x.per_channel() || y.per_channel())
      return unsupported("quantization", {}, "one scale per tensor");
  const auto clamp = clamp_of(*n.attrs, y.type);
  if constexpr (Op == reduction::mean && Quantized)
    if (n.round == rounding::aten) {
      auto& m = to.make<quantized_aten_mean_params>(&reference::quantized_aten_mean_kernel);
      m.mean = make_aten_mean(attrs, x.shape);
      m.type = x.type, m.in_scale = x.scale_f32(), m.in_zero_point = x.zero_point();
      m.inverse = numerics::div(1.f, y.scale_f32()), m.out_zero_point = y.zero_point();
      m.lo = clamp.lo, m.hi = clamp.hi;
      return unit{};
    }
  auto& p = to.make<mean_params>(&reference::mean_kernel, kernel_id::mean);
  p.op = Op;
  p.mode = n.round;
  p.type = x.type, p.out_type = y.type;
  p.plan = make_reduce(attrs, x.shape);
  if constexpr (!Quantized) {
    constexpr bool compares = Op == reduction::max || Op == reduction::min;
    if (compares && x.quantized() && !x.same_quantization(y))
      return unsupported("a reduction by comparison that changes the quantization");
    return unit{};
  } else {
    static_assert(Op == reduction::mean || Op == reduction::sum || Op == reduction::prod);
    constexpr bool mean = Op == reduction::mean;
    const std::size_t count = p.plan.count;
    const auto elements = static_cast<float>(count);
    p.in_zero_point = x.zero_point();
    requantize_params& q = p.requant;
    q.mode = n.round, q.zero_point = y.zero_point(), q.lo = clamp.lo, q.hi = clamp.hi;
    const float sx = x.scale_f32(), sy = y.scale_f32();
    if constexpr (Op == reduction::prod) {
      if (count == 0) return unsupported("a product of nothing");
      to.kernel = kernel_id::none;
      auto m = to.array<multiplier>(1);
      m[0] = numerics::quantize_multiplier(numerics::div(
          x.scale(), numerics::pow(y.scale(), numerics::div(1.0, static_cast<double>(count)))));
      q.mult = m.data();
      return unit{};
    }
    switch (n.round) {
      case rounding::doubling_high_half_away: {
        auto m = to.array<multiplier>(1);
        m[0] = numerics::quantize_multiplier(numerics::div(x.scale(), y.scale()));
        if (mean) m[0] = numerics::mean_multiplier(m[0], count);
        q.mult = m.data();
        return unit{};
      }
      case rounding::xnnpack:
        p.scale = numerics::div(sx, sy);
        if (mean) p.scale = numerics::mul(p.scale, numerics::div(1.f, elements));
        p.offset = numerics::sub(
            static_cast<float>(y.zero_point()),
            numerics::mul(numerics::mul(elements, static_cast<float>(p.in_zero_point)), p.scale));
        return unit{};
      case rounding::divide_half_even:
        if (!mean || !x.same_quantization(y))
          return unsupported("rounding EVEN here", {}, "a mean that keeps the quantization");
        return unit{};
      case rounding::float_half_even:
      case rounding::qnnpack: {
        q.mode = rounding::float_half_even;
        auto s = to.array<float>(1);
        s[0] = n.round == rounding::qnnpack
                   ? numerics::div(sx, mean ? numerics::mul(sy, elements) : sy)
                   : static_cast<float>(numerics::div(numerics::div(x.scale(), y.scale()),
                                                      mean ? static_cast<double>(count) : 1.0));
        q.scale = s.data();
        return unit{};
      }
      case rounding::none:
      case rounding::doubling_high_half_up:
      case rounding::wide_half_up:
      case rounding::double_half_away:
      case rounding::float_bias_half_even:
      case rounding::float_zero_point_half_even:
      case rounding::eight_bit_ratio_half_up:
      case rounding::divide_half_away:
      case rounding::reciprocal_half_even:
      case rounding::divide_truncate:
      case rounding::aten:
      case rounding::fused_multiply_add:
      case rounding::tflite_optimized:
      case rounding::mxnet: break;
    }
    return detail::no_such_rounding(n);
  }
}
inline constexpr form qnn_mean_forms[] = {
    {.in = {quantized_types},
     .out = {like(0)},
     .roundings = {rounding::doubling_high_half_away, rounding::xnnpack, rounding::float_half_even,
                   rounding::qnnpack, rounding::divide_half_even, rounding::aten}},
};
inline constexpr form qnn_sum_forms[] = {
    {.in = {quantized_types},
     .out = {like(0)},
     .roundings = {rounding::doubling_high_half_away, rounding::xnnpack, rounding::float_half_even,
                   rounding::qnnpack}},
};
inline constexpr form qnn_prod_forms[] = {
    {.in = {quantized_types}, .out = {like(0)}, .roundings = rounding::doubling_high_half_away},
};
inline constexpr form reduce_arithmetic_forms[] = {
    {.in = {arithmetic_types}, .out = {like(0)}},
};
inline constexpr form mean_forms[] = {
    reduce_arithmetic_forms[0],
    {.in = {dtype::f32}, .out = {dtype::f32}, .roundings = rounding::aten},
};
inline constexpr form reduce_number_forms[] = {
    {.in = {number_types}, .out = {like(0)}},
};
inline constexpr form reduce_bool_forms[] = {
    {.in = {dtype::boolean}, .out = {dtype::boolean}},
};
inline constexpr op_def qnn_mean{
    .name = "qnn.mean",
    .summary = "mean over axes, quantized",
    .forms = qnn_mean_forms,
    .kernel = kernel_id::mean,
    .shape = &reduce_op_shape,
    .memory = &quantized_reduce_memory,
    .prepare = &mean_prepare<reduction::mean, true>,
    .decide = &laws::mean,
};
inline constexpr op_def qnn_sum{
    .name = "qnn.sum",
    .summary = "sum over axes, quantized",
    .forms = qnn_sum_forms,
    .kernel = kernel_id::mean,
    .shape = &reduce_op_shape,
    .memory = &quantized_reduce_memory,
    .prepare = &mean_prepare<reduction::sum, true>,
    .decide = &laws::sum,
};
inline constexpr op_def qnn_reduce_prod{
    .name = "qnn.reduce_prod",
    .summary = "product over axes, quantized",
    .forms = qnn_prod_forms,
    .shape = &reduce_op_shape,
    .memory = &quantized_reduce_memory,
    .prepare = &mean_prepare<reduction::prod, true>,
    .decide = &laws::tflite_integers,
};
inline constexpr op_def mean{
    .name = "mean",
    .summary = "mean over axes",
    .forms = mean_forms,
    .shape = &reduce_op_shape,
    .memory = &mean_memory,
    .prepare = &mean_prepare<reduction::mean, false>,
    .decide = &laws::float_mean,
};
inline constexpr op_def sum{
    .name = "sum",
    .summary = "sum over axes",
    .forms = reduce_arithmetic_forms,
    .shape = &reduce_op_shape,
    .memory = &params_only<mean_params>,
    .prepare = &mean_prepare<reduction::sum, false>,
};
inline constexpr op_def reduce_max{
    .name = "reduce_max",
    .summary = "largest over axes",
    .forms = reduce_number_forms,
    .kernel = kernel_id::mean,
    .shape = &reduce_op_shape,
    .memory = &params_only<mean_params>,
    .prepare = &mean_prepare<reduction::max, false>,
};
inline constexpr op_def reduce_min{
    .name = "reduce_min",
    .summary = "smallest over axes",
    .forms = reduce_number_forms,
    .kernel = kernel_id::mean,
    .shape = &reduce_op_shape,
    .memory = &params_only<mean_params>,
    .prepare = &mean_prepare<reduction::min, false>,
};
inline constexpr op_def reduce_prod{
    .name = "reduce_prod",
    .summary = "product over axes",
    .forms = reduce_arithmetic_forms,
    .shape = &reduce_op_shape,
    .memory = &params_only<mean_params>,
    .prepare = &mean_prepare<reduction::prod, false>,
};
inline constexpr op_def reduce_any{
    .name = "reduce_any",
    .summary = "whether any along axes is true",
    .forms = reduce_bool_forms,
    .shape = &reduce_op_shape,
    .memory = &params_only<mean_params>,
    .prepare = &mean_prepare<reduction::any, false>,
};
inline constexpr op_def reduce_all{
    .name = "reduce_all",
    .summary = "whether all along axes are true",
    .forms = reduce_bool_forms,
    .shape = &reduce_op_shape,
    .memory = &params_only<mean_params>,
    .prepare = &mean_prepare<reduction::all, false>,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/requantize_add.hpp
// qnn.requantize_add: accumulators to quantized values with another tensor added before the one
// rounding: a convolution and the sum behind it, as oneDNN computes them.


OCTET_NAMESPACE_BEGIN

/// y = rint(fma(f32(q), r, f32(f32(f32(x) + b) * m))), r = MXNet's factor from q's scale to y's, m
/// as qnn.requantize has it under MXN. Inputs: accumulators x of s32 or s64 with one scale or one
/// per index of the last axis; q of u8 or s8 with x's shape and one scale; optional bias b, float32
/// in units of the accumulator, one per index of the last axis. Output: u8 or s8. No zero points.
struct requantize_add_params {
  requantize_params requant;
  dtype in_type, addend_type, out_type;
  std::size_t count = 0;   // elements
  std::int32_t inner = 1;  // innermost extent: channel of element i is i % inner
  float ratio = 1;
};

namespace reference {
template <class In, class Addend, class Out>
constexpr void requantize_add(const requantize_add_params& p, const In* x, const Addend* q, Out* y,
                              std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    const auto c = static_cast<std::int32_t>(i % static_cast<std::size_t>(p.inner));
    const float bias = p.requant.bias ? p.requant.bias[c] : 0.f,
                scaled = numerics::mul(numerics::add(static_cast<float>(x[i]), bias),
                                       p.requant.scale[p.requant.channels == 1 ? 0 : c]);
    y[i] = static_cast<Out>(numerics::clamp_to_int(static_cast<double>(numerics::rint(numerics::fma(
                                                       static_cast<float>(q[i]), p.ratio, scaled))),
                                                   p.requant.lo, p.requant.hi));
  }
}
inline void requantize_add_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const requantize_add_params*>(a.params);
  const auto r = part_of(p.count, a.part, a.parts);
  const auto run = [&]<class In, class Addend, class Out>(type_tag<In>, type_tag<Addend>,
                                                          type_tag<Out>) {
    requantize_add(p, static_cast<const In*>(a.in[0]), static_cast<const Addend*>(a.in[1]),
                   static_cast<Out*>(a.out[0]), r.begin, r.end);
  };
  const auto with_byte = [](dtype t, auto&& f) {
    if (t == dtype::s8)
      f(type_tag<std::int8_t>{});
    else
      f(type_tag<std::uint8_t>{});
  };
  with_byte(p.addend_type, [&](auto addend) {
    with_byte(p.out_type, [&](auto out) {
      if (p.in_type == dtype::s32)
        run(type_tag<std::int32_t>{}, addend, out);
      else
        run(type_tag<std::int64_t>{}, addend, out);
    });
  });
}
}  // namespace reference

namespace ops {
constexpr status requantize_add_shape(const node_view& n, std::span<dims> out) {
  if (!(n.in[0].shape == n.in[1].shape))
    return violation{rule::shapes_differ, n.in[0].shape, n.in[1].shape};
  out[0] = n.in[0].shape;
  return unit{};
}
constexpr void requantize_add_memory(const node_view& n, node_memory& to) {
  to.make<requantize_add_params>();
  requantize_memory(to, n.round, std::max<std::size_t>(n.in[0].scales.size(), 1));
}
inline status requantize_add_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &q = n.in[1], &y = n.out[0];
  auto& p = to.make<requantize_add_params>(&reference::requantize_add_kernel);
  for (const tensor_desc* t : {&x, &q, &y})
    if (t->zero_point() != 0) return unsupported("a zero point", std::to_string(t->zero_point()));
  if (!q.quantized() || q.per_channel() || !y.quantized() || y.per_channel())
    return unsupported("quantization of an operand or result", {}, "one scale per tensor");
  p.in_type = x.type, p.addend_type = q.type, p.out_type = y.type;
  p.count = x.shape.elements().value;
  p.inner = x.shape.rank == 0 ? 1 : x.shape.back(0);
  p.ratio = numerics::rescale_by_levels(q.scale(), y.scale());
  const std::size_t channels = std::max<std::size_t>(x.scales.size(), 1);
  if (channels != 1 &&
      (x.axis != x.shape.rank - 1 || channels != static_cast<std::size_t>(p.inner)))
    return unsupported("requantize per channel on an axis that is not the last");
  if (auto s = fill_requantize(
          to, p.requant, n.round, channels, [&](std::size_t c) { return x.scale(c); }, y,
          clamp_of(*n.attrs, y.type));
      !s)
    return s;
  if (!n.present(2)) return unit{};
  const auto bias = n.constant_as<float>(2);
  if (!n.is_constant(2) || bias.size() != static_cast<std::size_t>(p.inner))
    return unsupported("bias", to_string(n.in[2].shape),
                       "constants, one per index of the last axis");
  p.requant.bias = bias.data();
  return unit{};
}
inline constexpr form requantize_add_forms[] = {
    {.in = {accumulator_types, eight_bit, dtype::f32},
     .out = {eight_bit},
     .roundings = rounding::mxnet},
};
inline constexpr op_def requantize_add{
    .name = "qnn.requantize_add",
    .summary = "accumulators to quantized values, another tensor added before the one rounding",
    .min_inputs = 2,
    .max_inputs = 3,
    .optional = {2},
    .forms = requantize_add_forms,
    .shape = &requantize_add_shape,
    .memory = &requantize_add_memory,
    .prepare = &requantize_add_prepare,
    .decide = &laws::requantize_add,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/resize.hpp
// resize_nearest (pure data movement), qnn.resize_bilinear and resize_bilinear (float32): NHWC.


OCTET_NAMESPACE_BEGIN

struct resize_attrs {
  std::int32_t out_h = 0, out_w = 0;
  bool align_corners = false, half_pixel_centers = false;
  double scale_h = 0, scale_w = 0;  // > 0: the factor that was asked for (PyTorch); source steps
                                    // are f32(1 / factor), not the ratio of extents
  static constexpr auto fields =
      std::tuple{field{"out_h", &resize_attrs::out_h},
                 field{"out_w", &resize_attrs::out_w},
                 field{"align_corners", &resize_attrs::align_corners},
                 field{"half_pixel_centers", &resize_attrs::half_pixel_centers},
                 field{"scale_h", &resize_attrs::scale_h},
                 field{"scale_w", &resize_attrs::scale_w}};
};
constexpr shape_or resize_shape(const resize_attrs& a, const dims& x) {
  if (x.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, x};
  if (a.out_h < 1 || a.out_w < 1 || x[1] < 1 || x[2] < 1)
    return violation{rule::value, dims{1, 1}, dims{a.out_h, a.out_w}};
  return dims{x[0], a.out_h, a.out_w, x[3]};
}

/// Source row or column of nearest neighbour: f32((o + offset) * scale), floored (align_corners:
/// rounded, ties away), clamped.
constexpr std::int32_t nearest_source(std::int32_t o, std::int32_t in, std::int32_t out,
                                      bool align_corners, bool half_pixel_centers,
                                      double factor = 0) {
  const float scale = factor > 0 ? static_cast<float>(numerics::div(1.0, factor))
                      : align_corners && out > 1
                          ? numerics::div(static_cast<float>(in - 1), static_cast<float>(out - 1))
                          : numerics::div(static_cast<float>(in), static_cast<float>(out));
  const float at =
      numerics::mul(numerics::add(static_cast<float>(o), half_pixel_centers ? 0.5f : 0.f), scale);
  return numerics::clamp_to_int(
      static_cast<double>(align_corners ? numerics::round_half_away(at) : numerics::floor(at)), 0,
      in - 1);
}
/// One axis of bilinear interpolation at output index o: two source indices and the weight of the
/// second one, in the unit of the law.
struct bilinear_tap {
  std::int32_t lo = 0, hi = 0;
  std::int32_t weight = 0;  // integer laws: of 1024 (DR) or 2048 (XNN)
  float fraction = 0;       // float laws
};
struct resize_params {
  rounding mode =
      rounding::none;  // none: plain float32; DR: TFLite's Q10 integers; OPT: TFLite's float form
                       // for uint8; XNN; PyTorch: ATEN contiguous, FMA channels last
  std::int32_t zero_point = 0, lo_value = 0, hi_value = 0;  // ATEN, FMA
  dtype type = dtype::u8;
  std::int32_t batch, in_h, in_w, channels, out_h, out_w;
  const std::int32_t* rows = nullptr;  // nearest: source of every output row and column
  const std::int32_t* columns = nullptr;
  const bilinear_tap* row_taps = nullptr;  // bilinear
  const bilinear_tap* column_taps = nullptr;
};

namespace numerics {
/// TFLite's 10-bit coordinates.
constexpr bilinear_tap bilinear_q10(std::int32_t o, std::int32_t in, std::int32_t out,
                                    bool align_corners, bool half_pixel_centers) {
  std::int64_t scale = ((std::int64_t{1} << 10) * in + out / 2) / out;
  if (align_corners && out > 1)
    scale = ((std::int64_t{1} << 10) * (in - 1) + (out - 1) / 2) / (out - 1);
  std::int64_t p = o * scale;
  if (half_pixel_centers) p += scale / 2 - (1 << 9);
  const std::int64_t lo = p / 1024 > 0 ? p / 1024 : 0, up = (p + 1023) / 1024;
  if (lo > in - 1)
    return {
        in - 1, in - 1, 0,
        0};  // the rounded scale of a very large output runs past the image; TFLite reads beyond it
  return {static_cast<std::int32_t>(lo), static_cast<std::int32_t>(up < in - 1 ? up : in - 1),
          static_cast<std::int32_t>(p - 1024 * lo), 0};
}
/// TFLite's float coordinates.
constexpr bilinear_tap bilinear_float(std::int32_t o, std::int32_t in, std::int32_t out,
                                      bool align_corners, bool half_pixel_centers) {
  float scale = div(static_cast<float>(in), static_cast<float>(out));
  if (align_corners && out > 1)
    scale = div(static_cast<float>(in - 1), static_cast<float>(out - 1));
  const float at = half_pixel_centers ? sub(mul(add(static_cast<float>(o), 0.5f), scale), 0.5f)
                                      : mul(static_cast<float>(o), scale);
  const std::int32_t lo = clamp_to_int(static_cast<double>(floor(at)), 0, in - 1),
                     hi = clamp_to_int(static_cast<double>(-floor(-at)), 0, in - 1);
  return {lo, hi, 0, sub(at, static_cast<float>(lo))};
}
/// XNNPACK's 11-bit weights from clamped float coordinates.
constexpr bilinear_tap bilinear_xnn(std::int32_t o, std::int32_t in, std::int32_t out,
                                    bool align_corners, bool half_pixel_centers) {
  const bool corners = align_corners && out != 1;
  const float scale =
      div(static_cast<float>(in - (corners ? 1 : 0)), static_cast<float>(out - (corners ? 1 : 0)));
  float at = mul(static_cast<float>(o), scale);
  if (half_pixel_centers && !align_corners) at = add(at, sub(mul(0.5f, scale), 0.5f));
  const float last = static_cast<float>(in - 1);
  at = at < 0 ? 0 : at > last ? last : at;
  const auto lo = static_cast<std::int32_t>(at);
  const std::int32_t hi = lo + 1 < in ? lo + 1 : in - 1;
  return {lo, hi, static_cast<std::int32_t>(rint(mul(sub(at, static_cast<float>(lo)), 2048.f))), 0};
}
/// PyTorch's coordinates, never below 0; `fused`: as its channels-last kernels are compiled.
constexpr bilinear_tap bilinear_aten(std::int32_t o, std::int32_t in, std::int32_t out,
                                     bool align_corners, double factor, bool fused) {
  float scale = 0;
  if (align_corners)
    scale = out > 1 ? div(static_cast<float>(in - 1), static_cast<float>(out - 1)) : 0.f;
  else
    scale = factor > 0 ? static_cast<float>(div(1.0, factor))
                       : div(static_cast<float>(in), static_cast<float>(out));
  const auto i = static_cast<float>(o);
  float at = align_corners ? mul(scale, i)
             : fused       ? fma(scale, add(i, 0.5f), -0.5f)
                           : sub(mul(scale, add(i, 0.5f)), 0.5f);
  if (at < 0) at = 0;
  const std::int32_t lo = clamp_to_int(static_cast<double>(floor(at)), 0, in - 1);
  return {lo, lo < in - 1 ? lo + 1 : lo, 0, sub(at, static_cast<float>(lo))};
}
/// One value of PyTorch's interpolation before the rounding. `fused`: 0 none; 1 whole blocks of 8
/// channels, 2 the channels after them, of the channels-last kernel.
constexpr float blend_aten(float tl, float tr, float bl, float br, float fy, float fx, int fused) {
  const float gy = sub(1.f, fy), gx = sub(1.f, fx);
  if (fused == 0)
    return add(mul(gy, add(mul(gx, tl), mul(fx, tr))), mul(fy, add(mul(gx, bl), mul(fx, br))));
  if (fused == 1) return fma(fy, fma(fx, br, mul(gx, bl)), mul(gy, fma(fx, tr, mul(gx, tl))));
  return fma(gy, fma(gx, tl, mul(fx, tr)), mul(fy, fma(gx, bl, mul(fx, br))));
}
constexpr std::int32_t blend_q10(std::int32_t tl, std::int32_t tr, std::int32_t bl, std::int32_t br,
                                 std::int32_t wy, std::int32_t wx) {
  const std::int64_t v = std::int64_t{tl} * (1024 - wy) * (1024 - wx) +
                         std::int64_t{bl} * wy * (1024 - wx) + std::int64_t{tr} * (1024 - wy) * wx +
                         std::int64_t{br} * wy * wx;
  return static_cast<std::int32_t>((v > 0 ? v + (1 << 19) : v - (1 << 19)) / (1 << 20));
}
constexpr std::int32_t blend_xnn(std::int32_t tl, std::int32_t tr, std::int32_t bl, std::int32_t br,
                                 std::int32_t wy, std::int32_t wx) {
  const std::int32_t t = tl * 2048 + (tr - tl) * wx, b = bl * 2048 + (br - bl) * wx;
  return static_cast<std::int32_t>(
      (std::int64_t{t} * 2048 + std::int64_t{b - t} * wy + (1 << 21)) >> 22);
}
/// Four products left to right, one rounding each.
constexpr float blend_float(float tl, float tr, float bl, float br, float fy, float fx) {
  const float gy = sub(1.f, fy), gx = sub(1.f, fx);
  float v = mul(mul(tl, gy), gx);
  v = add(v, mul(mul(bl, fy), gx));
  v = add(v, mul(mul(tr, gy), fx));
  return add(v, mul(mul(br, fy), fx));
}
}  // namespace numerics

namespace reference {
template <class T>
constexpr void resize_nearest(const resize_params& p, const T* x, T* y, std::size_t begin,
                              std::size_t end) {
  const image_extents image{p.in_h, p.in_w, p.channels};
  for (std::size_t row = begin; row < end; ++row) {
    const auto [n, oy] = image_row_of(row, p.out_h);
    T* to = y + row * product_of(p.out_w, p.channels);
    for (std::int32_t ox = 0; ox < p.out_w; ++ox)
      to = std::copy_n(x + nhwc_index(image, n, p.rows[oy], p.columns[ox], 0), p.channels, to);
  }
}
template <class T>
constexpr void resize_bilinear(const resize_params& p, const T* x, T* y, std::size_t begin,
                               std::size_t end) {
  const auto c = as_size(p.channels);
  const image_extents image{p.in_h, p.in_w, p.channels};
  for (std::size_t row = begin; row < end; ++row) {
    const auto [n, oy] = image_row_of(row, p.out_h);
    const bilinear_tap v = p.row_taps[oy];
    const T *top = x + nhwc_index(image, n, v.lo, 0, 0),
            *bottom = x + nhwc_index(image, n, v.hi, 0, 0);
    for (std::int32_t ox = 0; ox < p.out_w; ++ox) {
      const bilinear_tap h = p.column_taps[ox];
      const std::size_t l = as_size(h.lo) * c, r = as_size(h.hi) * c;
      T* to = y + (row * as_size(p.out_w) + as_size(ox)) * c;
      for (std::size_t k = 0; k < c; ++k) {
        if constexpr (std::is_floating_point_v<T>) {
          to[k] = numerics::blend_float(top[l + k], top[r + k], bottom[l + k], bottom[r + k],
                                        v.fraction, h.fraction);
        } else {
          const std::int32_t tl = top[l + k], tr = top[r + k], bl = bottom[l + k],
                             br = bottom[r + k];
          if (p.mode == rounding::doubling_high_half_away)
            to[k] = static_cast<T>(numerics::blend_q10(tl, tr, bl, br, v.weight, h.weight));
          else if (p.mode == rounding::aten || p.mode == rounding::fused_multiply_add) {
            const float t = numerics::blend_aten(static_cast<float>(tl), static_cast<float>(tr),
                                                 static_cast<float>(bl), static_cast<float>(br),
                                                 v.fraction, h.fraction,
                                                 p.mode == rounding::aten ? 0
                                                 : k < c / 8 * 8          ? 1
                                                                          : 2);
            to[k] = static_cast<T>(numerics::clamp_to_int(
                static_cast<double>(
                    numerics::rint(numerics::sub(t, static_cast<float>(p.zero_point)))) +
                    p.zero_point,
                p.lo_value, p.hi_value));
          } else if (p.mode == rounding::xnnpack)
            to[k] = static_cast<T>(numerics::blend_xnn(tl, tr, bl, br, v.weight, h.weight));
          else
            to[k] = static_cast<T>(
                numerics::add(numerics::blend_float(static_cast<float>(tl), static_cast<float>(tr),
                                                    static_cast<float>(bl), static_cast<float>(br),
                                                    v.fraction, h.fraction),
                              0.5f));
        }
      }
    }
  }
}
inline void resize_nearest_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const resize_params*>(a.params);
  const auto r = part_of(product_of(p.batch, p.out_h), a.part, a.parts);
  with_size(p.type, [&]<class T>(type_tag<T>) {
    resize_nearest(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin, r.end);
  });
}
inline void resize_bilinear_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const resize_params*>(a.params);
  const auto r = part_of(product_of(p.batch, p.out_h), a.part, a.parts);
  if (p.type == dtype::f32)
    return resize_bilinear(p, static_cast<const float*>(a.in[0]), static_cast<float*>(a.out[0]),
                           r.begin, r.end);
  with_quantized(p.type, [&]<class T>(type_tag<T>) {
    resize_bilinear(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin, r.end);
  });
}
}  // namespace reference

namespace ops {
constexpr status resize_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, resize_shape(read_attributes<resize_attrs>(*n.attrs), n.in[0].shape));
}
inline void set_resize(resize_params& p, const node_view& n) {
  const dims &x = n.in[0].shape, &y = n.out[0].shape;
  p.mode = n.round;
  p.type = n.in[0].type;
  p.batch = x[0], p.in_h = x[1], p.in_w = x[2], p.channels = x[3];
  p.out_h = y[1], p.out_w = y[2];
}
/// One entry for each output row, one for each column.
template <class Entry> constexpr void resize_memory(const node_view& n, node_memory& to) {
  to.make<resize_params>();
  to.array<Entry>(static_cast<std::size_t>(n.out[0].shape[1]));
  to.array<Entry>(static_cast<std::size_t>(n.out[0].shape[2]));
}
inline status resize_nearest_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<resize_attrs>(*n.attrs);
  auto& p = to.make<resize_params>(&reference::resize_nearest_kernel);
  set_resize(p, n);
  auto rows = to.array<std::int32_t>(static_cast<std::size_t>(p.out_h)),
       columns = to.array<std::int32_t>(static_cast<std::size_t>(p.out_w));
  for (std::int32_t i = 0; i < p.out_h; ++i)
    rows[static_cast<std::size_t>(i)] =
        nearest_source(i, p.in_h, p.out_h, a.align_corners, a.half_pixel_centers, a.scale_h);
  for (std::int32_t i = 0; i < p.out_w; ++i)
    columns[static_cast<std::size_t>(i)] =
        nearest_source(i, p.in_w, p.out_w, a.align_corners, a.half_pixel_centers, a.scale_w);
  p.rows = rows.data();
  p.columns = columns.data();
  return unit{};
}
template <bool Quantized> status resize_bilinear_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  if (Quantized && !x.same_quantization(y))
    return unsupported("resize that changes the quantization");
  const bool aten = n.round == rounding::aten || n.round == rounding::fused_multiply_add;
  const auto a = read_attributes<resize_attrs>(*n.attrs);
  auto& p = to.make<resize_params>(&reference::resize_bilinear_kernel, kernel_id::resize_bilinear);
  set_resize(p, n);
  p.zero_point = x.zero_point();
  p.lo_value = static_cast<std::int32_t>(std::max<std::int64_t>(lowest_of(x.type), INT32_MIN)),
  p.hi_value = static_cast<std::int32_t>(std::min<std::int64_t>(highest_of(x.type), INT32_MAX));
  const auto taps = [&](std::int32_t in, std::int32_t out, double factor) {
    auto list = to.array<bilinear_tap>(static_cast<std::size_t>(out));
    for (std::int32_t i = 0; i < out; ++i)
      list[static_cast<std::size_t>(i)] =
          n.round == rounding::doubling_high_half_away
              ? numerics::bilinear_q10(i, in, out, a.align_corners, a.half_pixel_centers)
          : aten ? numerics::bilinear_aten(i, in, out, a.align_corners, factor,
                                           n.round == rounding::fused_multiply_add)
          : n.round == rounding::xnnpack
              ? numerics::bilinear_xnn(i, in, out, a.align_corners, a.half_pixel_centers)
              : numerics::bilinear_float(i, in, out, a.align_corners, a.half_pixel_centers);
    return list.data();
  };
  p.row_taps = taps(p.in_h, p.out_h, a.scale_h);
  p.column_taps = taps(p.in_w, p.out_w, a.scale_w);
  return unit{};
}
inline constexpr form qnn_resize_bilinear_forms[] = {
    {.in = {quantized_types}, .out = {like(0)}, .roundings = rounding::doubling_high_half_away},
    {.in = {eight_bit},
     .out = {like(0)},
     .roundings = {rounding::xnnpack, rounding::aten, rounding::fused_multiply_add}},
    {.in = {dtype::u8}, .out = {dtype::u8}, .roundings = rounding::tflite_optimized},
};
inline constexpr op_def resize_nearest{
    .name = "resize_nearest",
    .summary = "images to another size, nearest pixel",
    .forms = movement_forms,
    .shape = &resize_op_shape,
    .memory = &resize_memory<std::int32_t>,
    .prepare = &resize_nearest_prepare,
};
inline constexpr op_def qnn_resize_bilinear{
    .name = "qnn.resize_bilinear",
    .summary = "images to another size, quantized pixels blended",
    .forms = qnn_resize_bilinear_forms,
    .kernel = kernel_id::resize_bilinear,
    .shape = &resize_op_shape,
    .memory = &resize_memory<bilinear_tap>,
    .prepare = &resize_bilinear_prepare<true>,
    .decide = &laws::resize_bilinear,
};
inline constexpr op_def resize_bilinear{
    .name = "resize_bilinear",
    .summary = "images to another size, pixels blended",
    .forms = float_forms,
    .kernel = kernel_id::resize_bilinear,
    .shape = &resize_op_shape,
    .memory = &resize_memory<bilinear_tap>,
    .prepare = &resize_bilinear_prepare<false>,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/softmax.hpp
// qnn.softmax, softmax, qnn.log_softmax, log_softmax along one axis.
//
// Roundings of the quantized forms:
//   DR        TFLite's reference: gemmlowp fixed point in Q5.26, sums in Q12.19
//   OPT       TFLite's optimized kernels: a table of 256 floats, sums in binary32 in order
//   EVEN_MUL  PyTorch: dequantize, softmax in binary32, quantize by the reciprocal (softmax only)
//   I64       TFLite on int16: two 513-entry tables (softmax only)


OCTET_NAMESPACE_BEGIN

struct softmax_attrs {
  double beta = 1;         // factor of the input
  std::int32_t axis = -1;  // negative: from the end
  static constexpr auto fields =
      std::tuple{field{"beta", &softmax_attrs::beta}, field{"axis", &softmax_attrs::axis}};
};

/// A row is `depth` elements, `inner` apart; there are outer * inner rows.
struct softmax_params {
  rounding mode = rounding::none;  // none: float32
  bool log = false;
  dtype in_type = dtype::f32, out_type = dtype::f32;
  std::size_t outer = 0, depth = 0, inner = 1;
  float beta = 1, in_scale = 1, out_scale = 1,
        inverse = 1;  // inverse: f32(1 / out_scale)
  std::int32_t in_zero_point = 0, out_zero_point = 0, lo = 0, hi = 0;
  multiplier mult{}, reverse{};       // DR: input to Q5.26, and back (log); I64: input to 10/65535
  std::int32_t diff_min = 0;          // DR: smaller differences from the maximum count as exp = 0
  const std::int32_t* exp = nullptr;  // DR: exp of the 256 possible differences, Q0.31, the
                                      // difference 0 first; null: computed each time
  const float* table = nullptr;       // OPT: 256 entries; the maximum's is the last
  const std::int16_t* exp_table = nullptr;  // I64
  const std::int16_t* reciprocal_table = nullptr;
};

namespace numerics {
/// The reference's scaling of differences to Q5.26.
constexpr void set_softmax_dr(softmax_params& p, double beta, double scale) noexcept {
  const double d = mul(mul(beta, scale), 67108864.), most = 2147483647.;
  p.mult = quantize_multiplier(d < most ? d : most);
  const std::int64_t radius = std::int64_t{31} << 26;
  p.diff_min = -static_cast<std::int32_t>(
      p.mult.shift >= 0 ? radius >> p.mult.shift
                        : clamp<std::int64_t>(radius << -p.mult.shift, 0, INT32_MAX));
  // What undoes it: 2^(31 - shift) / m.
  if (p.log && p.mult.m != 0)
    p.reverse =
        quantize_multiplier(div(detail::pow2(31 - p.mult.shift), static_cast<double>(p.mult.m)));
}
constexpr std::int32_t softmax_scaled(const softmax_params& p, std::int32_t difference) noexcept {
  return doubling_high_multiply(shl_wrap(difference, p.mult.shift), p.mult.m);
}
/// exp of a difference from the row's maximum in Q0.31.
constexpr std::int32_t softmax_exp(const softmax_params& p, std::int32_t difference) noexcept {
  return p.exp                     ? p.exp[-difference]
         : difference < p.diff_min ? 0
                                   : fixed32::exp_negative(softmax_scaled(p, difference), 5);
}
}  // namespace numerics

namespace reference {

template <class In>
constexpr std::int32_t row_max(const In* x, std::size_t depth, std::size_t step) {
  std::int32_t m = x[0];
  for (std::size_t i = 1; i < depth; ++i) m = std::max<std::int32_t>(m, x[i * step]);
  return m;
}

template <class In, class Out>
constexpr void softmax_row_dr(const softmax_params& p, const In* x, Out* y) {
  using q = numerics::fixed32;
  const std::int32_t most = row_max(x, p.depth, p.inner);
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < p.depth; ++i)
    sum += static_cast<std::uint32_t>(
        q::rounding_shift_half_away(numerics::softmax_exp(p, x[i * p.inner] - most), 12));
  const int room = std::countl_zero(sum);
  const std::int32_t inverse = q::reciprocal_of_one_plus(
      static_cast<std::int32_t>((sum << room) - (std::uint32_t{1} << 31)));
  const int shift = 12 - room + 31 - 8 * static_cast<int>(sizeof(Out));
  for (std::size_t i = 0; i < p.depth; ++i) {
    const std::int32_t v = numerics::rounding_shift_half_away(
        q::mul(inverse, numerics::softmax_exp(p, x[i * p.inner] - most)), shift);
    y[i * p.inner] = static_cast<Out>(numerics::clamp<std::int64_t>(
        std::int64_t{v} + std::numeric_limits<Out>::min(), p.lo, p.hi));
  }
}
template <class In, class Out>
constexpr void log_softmax_row_dr(const softmax_params& p, const In* x, Out* y) {
  using q = numerics::fixed32;
  const std::int32_t most = row_max(x, p.depth, p.inner);
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < p.depth; ++i)
    sum = q::add(sum,
                 q::rounding_shift_half_away(numerics::softmax_exp(p, x[i * p.inner] - most), 12));
  const std::int32_t log_sum = numerics::fixed_log(sum, 12, 5);
  const std::int32_t least = std::max(
      p.diff_min - 1, numerics::doubling_high_half_away(q::add(log_sum, INT32_MIN), p.reverse));
  for (std::size_t i = 0; i < p.depth; ++i) {
    const std::int32_t d = x[i * p.inner] - most;
    std::int32_t v = p.lo;
    if (d > least)
      v = numerics::clamp(numerics::rounding_shift_half_away(
                              q::sub(numerics::softmax_scaled(p, d), log_sum), 31 - 5 - 4) +
                              p.hi,
                          p.lo,
                          p.hi);  // Q5.26 to 1/16, zero point = highest
    y[i * p.inner] = static_cast<Out>(v);
  }
}
template <class In, class Out>
constexpr void softmax_row_opt(const softmax_params& p, const In* x, Out* y) {
  const std::int32_t most = row_max(x, p.depth, p.inner);
  float sum = 0;
  for (std::size_t i = 0; i < p.depth; ++i)
    sum = numerics::add(sum, p.table[255 - most + x[i * p.inner]]);
  if (p.log) {
    const float scale = numerics::div(p.in_scale, p.out_scale);
    const float shift = numerics::div(
        numerics::add(numerics::mul(p.in_scale, static_cast<float>(most)), numerics::log_f32(sum)),
        p.out_scale);
    for (std::size_t i = 0; i < p.depth; ++i) {
      const float v =
          numerics::sub(numerics::mul(scale, static_cast<float>(x[i * p.inner])), shift);
      y[i * p.inner] = static_cast<Out>(
          numerics::finish(static_cast<double>(numerics::rint(v)), p.out_zero_point, p.lo, p.hi));
    }
    return;
  }
  const float inverse = numerics::div(1.f, numerics::mul(sum, p.out_scale));
  for (std::size_t i = 0; i < p.depth; ++i) {
    const float v = numerics::mul(p.table[255 - most + x[i * p.inner]], inverse);
    const double r = static_cast<double>(std::is_same_v<Out, std::uint8_t>
                                             ? numerics::trunc(numerics::add(v, 0.5f))
                                             : numerics::round_half_away(v));
    y[i * p.inner] = static_cast<Out>(numerics::finish(r, p.out_zero_point, p.lo, p.hi));
  }
}
inline constexpr void softmax_row_s16(const softmax_params& p, const std::int16_t* x,
                                      std::int16_t* y) {
  const std::int32_t most = row_max(x, p.depth, p.inner);
  const auto e = [&](std::size_t i) -> std::int32_t {
    const std::int32_t d = numerics::doubling_high_half_away(x[i * p.inner] - most, p.mult) + 32767;
    return numerics::lookup(p.exp_table,
                            static_cast<std::int16_t>(numerics::clamp(d, -32768, 32767)));
  };
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < p.depth; ++i) sum += static_cast<std::uint32_t>(e(i));
  const int room = std::countl_zero(sum);
  const auto scaled = static_cast<std::int32_t>(
      ((static_cast<std::uint64_t>(sum) << (room - 1)) + (1 << 13)) >> 14);
  const std::int32_t inverse =
      numerics::lookup(p.reciprocal_table,
                       static_cast<std::int16_t>(numerics::clamp(scaled - 98304, -32768, 32767)));
  for (std::size_t i = 0; i < p.depth; ++i) {
    const std::int64_t v =
        (std::int64_t{e(i)} * inverse + (std::int64_t{1} << (30 - room))) >> (31 - room);
    y[i * p.inner] = static_cast<std::int16_t>(numerics::clamp<std::int64_t>(v, 0, 32767));
  }
}
/// exp(x - max) summed in order. In: float32, or quantized values that are dequantized first.
template <class In, class Out>
constexpr void softmax_row_f32(const softmax_params& p, const In* x, Out* y) {
  const auto real = [&](std::size_t i) {
    if constexpr (std::is_same_v<In, float>)
      return x[i * p.inner];
    else
      return numerics::mul(static_cast<float>(x[i * p.inner] - p.in_zero_point), p.in_scale);
  };
  float most = real(0);
  for (std::size_t i = 1; i < p.depth; ++i) most = real(i) > most ? real(i) : most;
  const auto e = [&](std::size_t i) {
    return numerics::exp_f32(numerics::mul(numerics::sub(real(i), most), p.beta));
  };
  float sum = 0;
  for (std::size_t i = 0; i < p.depth; ++i) sum = numerics::add(sum, e(i));
  const float log_sum = p.log ? numerics::log_f32(sum) : 0.f;
  for (std::size_t i = 0; i < p.depth; ++i) {
    const float v =
        p.log ? numerics::sub(numerics::sub(real(i), most), log_sum) : numerics::div(e(i), sum);
    if constexpr (std::is_same_v<Out, float>)
      y[i * p.inner] = v;
    else
      y[i * p.inner] = static_cast<Out>(
          numerics::finish(static_cast<double>(numerics::rint(numerics::mul(v, p.inverse))),
                           p.out_zero_point, p.lo, p.hi));
  }
}
template <class In, class Out>
constexpr void softmax(const softmax_params& p, const In* x, Out* y, std::size_t begin,
                       std::size_t end) {
  for (std::size_t row = begin; row < end; ++row) {
    const std::size_t at = row / p.inner * p.depth * p.inner + row % p.inner;
    if constexpr (std::is_same_v<In, float> || std::is_same_v<Out, float>) {
      softmax_row_f32(p, x + at, y + at);
    } else {
      switch (p.mode) {
        case rounding::doubling_high_half_away:
          if (p.log)
            log_softmax_row_dr(p, x + at, y + at);
          else
            softmax_row_dr(p, x + at, y + at);
          break;
        case rounding::tflite_optimized: softmax_row_opt(p, x + at, y + at); break;
        case rounding::wide_half_up:
          if constexpr (std::is_same_v<In, std::int16_t> && std::is_same_v<Out, std::int16_t>)
            softmax_row_s16(p, x + at, y + at);
          break;
        case rounding::reciprocal_half_even: softmax_row_f32(p, x + at, y + at); break;
        case rounding::none:
        case rounding::doubling_high_half_up:
        case rounding::double_half_away:
        case rounding::float_half_even:
        case rounding::float_bias_half_even:
        case rounding::float_zero_point_half_even:
        case rounding::eight_bit_ratio_half_up:
        case rounding::divide_half_away:
        case rounding::divide_half_even:
        case rounding::divide_truncate:
        case rounding::xnnpack:
        case rounding::qnnpack:
        case rounding::aten:
        case rounding::fused_multiply_add:
        case rounding::mxnet: break;  // softmax_prepare refuses these
      }
    }
  }
}
inline void softmax_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const softmax_params*>(a.params);
  const auto r = part_of(p.outer * p.inner, a.part, a.parts);
  if (p.depth == 0) return;
  if (p.in_type == dtype::f32)
    return softmax(p, static_cast<const float*>(a.in[0]), static_cast<float*>(a.out[0]), r.begin,
                   r.end);
  with_quantized(p.in_type, [&]<class In>(type_tag<In>) {
    with_quantized(p.out_type, [&]<class Out>(type_tag<Out>) {
      softmax(p, static_cast<const In*>(a.in[0]), static_cast<Out*>(a.out[0]), r.begin, r.end);
    });
  });
}
}  // namespace reference

namespace ops {
/// The tables of each rounding.
template <bool Log, bool Quantized>
constexpr void softmax_memory(const node_view& n, node_memory& to) {
  to.make<softmax_params>();
  if (!Quantized) return;
  if (n.round == rounding::wide_half_up && !Log) {
    to.array<std::int16_t>(513);
    to.array<std::int16_t>(513);
  } else if (n.round == rounding::doubling_high_half_away) {
    to.array<std::int32_t>(256);
  } else if (n.round == rounding::tflite_optimized) {
    to.array<float>(256);
  }
}
template <bool Log, bool Quantized> status softmax_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  const auto a = read_attributes<softmax_attrs>(*n.attrs);
  auto& p = to.make<softmax_params>(&reference::softmax_kernel, kernel_id::softmax);
  p.mode = n.round;
  p.log = Log;
  p.in_type = x.type, p.out_type = y.type;
  const std::int32_t axis = a.axis < 0 ? a.axis + x.shape.rank : a.axis;
  if (axis < 0 || axis >= x.shape.rank)
    return violation{rule::axis, dims{x.shape.rank}, dims{a.axis}};
  p.outer = p.inner = 1;
  p.depth = static_cast<std::size_t>(x.shape[axis]);
  for (int i = 0; i < axis; ++i) p.outer *= static_cast<std::size_t>(x.shape[i]);
  for (int i = axis + 1; i < x.shape.rank; ++i) p.inner *= static_cast<std::size_t>(x.shape[i]);
  p.beta = static_cast<float>(a.beta);
  if constexpr (!Quantized) return unit{};
  if (x.per_channel() || y.per_channel() || !x.quantized() || !y.quantized())
    return unsupported("quantization of input or output", {}, "one scale per tensor");
  p.in_scale = x.scale_f32(), p.out_scale = y.scale_f32(),
  p.inverse = numerics::div(1.f, p.out_scale);
  p.in_zero_point = x.zero_point(), p.out_zero_point = y.zero_point();
  p.lo = static_cast<std::int32_t>(lowest_of(y.type)),
  p.hi = static_cast<std::int32_t>(highest_of(y.type));
  if (n.round == rounding::wide_half_up && !Log) {
    if (x.zero_point() != 0 || y.zero_point() != 0)
      return unsupported("zero points of int16",
                         std::to_string(x.zero_point()) + ", " + std::to_string(y.zero_point()),
                         "0");
    p.mult = numerics::quantize_multiplier(numerics::div(
        static_cast<double>(numerics::mul(p.in_scale, p.beta)), numerics::div(10., 65535.)));
    auto e = to.array<std::int16_t>(513), r = to.array<std::int16_t>(513);
    const double unit_out = numerics::div(2., 65535.);
    numerics::make_lut16<double>([](double v) { return numerics::exp(v); },
                                 numerics::div(10., 65535.), 32767, unit_out, 0, e.data());
    numerics::make_lut16<double>([](double v) { return numerics::div(1., numerics::add(1., v)); },
                                 numerics::div(1., 65535.), -32768, unit_out, 0, r.data());
    p.exp_table = e.data(), p.reciprocal_table = r.data();
    return unit{};
  }
  if (n.round == rounding::doubling_high_half_away) {
    numerics::set_softmax_dr(p, a.beta, static_cast<double>(p.in_scale));
    if (p.mult.shift < 0)
      return unsupported("input scale too small for the fixed-point softmax",
                         std::to_string(x.scale()), "at least 2^-27");
    auto e = to.array<std::int32_t>(256);
    for (std::int32_t d = 0; d < 256; ++d)
      e[static_cast<std::size_t>(d)] = numerics::softmax_exp(p, -d);
    p.exp = e.data();
    return unit{};
  }
  if (n.round == rounding::tflite_optimized) {
    auto t = to.array<float>(256);
    const float scale = -numerics::mul(p.in_scale, Log ? 1.f : p.beta);
    for (std::int32_t v = 0; v < 256; ++v)
      t[static_cast<std::size_t>(255 - v)] =
          numerics::exp_f32(numerics::mul(scale, static_cast<float>(v)));
    p.table = t.data();
    return unit{};
  }
  return unit{};
}
inline constexpr form qnn_softmax_forms[] = {
    {.in = {eight_bit},
     .out = {quantized_types},
     .roundings = {rounding::doubling_high_half_away, rounding::tflite_optimized,
                   rounding::reciprocal_half_even}},
    {.in = {dtype::s16}, .out = {dtype::s16}, .roundings = rounding::wide_half_up},
};
inline constexpr form qnn_log_softmax_forms[] = {
    {.in = {eight_bit},
     .out = {eight_bit},
     .roundings = {rounding::doubling_high_half_away, rounding::tflite_optimized}},
};
inline constexpr op_def qnn_softmax{
    .name = "qnn.softmax",
    .summary = "softmax along an axis, quantized",
    .forms = qnn_softmax_forms,
    .kernel = kernel_id::softmax,
    .shape = &same_op_shape,
    .memory = &softmax_memory<false, true>,
    .prepare = &softmax_prepare<false, true>,
    .decide = &laws::softmax,
};
inline constexpr op_def softmax{
    .name = "softmax",
    .summary = "softmax along an axis",
    .forms = float_forms,
    .shape = &same_op_shape,
    .memory = &softmax_memory<false, false>,
    .prepare = &softmax_prepare<false, false>,
};
inline constexpr op_def qnn_log_softmax{
    .name = "qnn.log_softmax",
    .summary = "logarithm of softmax, quantized",
    .forms = qnn_log_softmax_forms,
    .kernel = kernel_id::softmax,
    .shape = &same_op_shape,
    .memory = &softmax_memory<true, true>,
    .prepare = &softmax_prepare<true, true>,
    .decide = &laws::log_softmax,
};
inline constexpr op_def log_softmax{
    .name = "log_softmax",
    .summary = "logarithm of softmax",
    .forms = float_forms,
    .shape = &same_op_shape,
    .memory = &softmax_memory<true, false>,
    .prepare = &softmax_prepare<true, false>,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/svdf.hpp
// qnn.svdf: a layer whose weights are factored into features and time (keyword spotting); its
// memory of the last inputs lives in the session.


OCTET_NAMESPACE_BEGIN

struct svdf_attrs {
  std::int32_t rank = 1;  // filters per unit
  static constexpr auto fields = std::tuple{field{"rank", &svdf_attrs::rank}};
};

/// Inputs: 0 x s8 [B, C]; 1 feature weights s8 [F, C]; 2 time weights s16 [F, M]; 3 state s16 [B, F
/// * M], zero point 0; 4 bias s32 [F / rank] (optional). Outputs: y s8 [B, F / rank], the state
/// (the same tensor as input 3).
///
/// Rounding DR: each filter's memory moves one step to the past and takes sat16(DR(sum (x - zx) w;
/// f32(f32(sx * sw) / s_state))) as its newest value; y = sat8(DR(bias + sum over the unit's
/// filters and their memories of memory * time weight; f32(f32(s_state * s_time) / sy)) + zy).
struct svdf_params {
  std::int32_t batch = 0, in_c = 0, filters = 0, memory = 0, units = 0, rank = 1;
  std::int32_t in_zero_point = 0, out_zero_point = 0;
  multiplier feature{}, time{};
};

constexpr shape_or svdf_shape(const svdf_attrs& a, const dims& x, const dims& w, const dims& t,
                              const dims& state) {
  if (x.rank != 2 || w.rank != 2 || t.rank != 2)
    return violation{rule::rank, dims{0, 0}, x.rank != 2 ? x : w.rank != 2 ? w : t};
  if (w[1] != x[1]) return violation{rule::channels, dims{x[1]}, dims{w[1]}};
  if (t[0] != w[0] || t[1] < 1) return violation{rule::weight_count, dims{w[0], 1}, t};
  if (a.rank < 1 || w[0] % a.rank != 0) return violation{rule::groups, dims{a.rank}, dims{w[0]}};
  if (!(state == dims{x[0], w[0] * t[1]}))
    return violation{rule::shapes_differ, dims{x[0], w[0] * t[1]}, state};
  return dims{x[0], w[0] / a.rank};
}

namespace reference {
constexpr void svdf(const svdf_params& p, const std::int8_t* x, const std::int8_t* feature,
                    const std::int16_t* time, const std::int32_t* bias, std::int16_t* state,
                    std::int8_t* y) {
  const auto memory = static_cast<std::size_t>(p.memory),
             channels = static_cast<std::size_t>(p.in_c);
  for (std::int32_t b = 0; b < p.batch; ++b)
    for (std::int32_t u = 0; u < p.units; ++u) {
      std::int64_t sum = bias ? bias[u] : 0;
      for (std::int32_t k = 0; k < p.rank; ++k) {
        const auto f = static_cast<std::size_t>(u * p.rank + k);
        std::int16_t* past =
            state +
            (static_cast<std::size_t>(b) * static_cast<std::size_t>(p.filters) + f) * memory;
        std::int32_t dot = 0;
        for (std::size_t i = 0; i < channels; ++i)
          dot += (x[static_cast<std::size_t>(b) * channels + i] - p.in_zero_point) *
                 feature[f * channels + i];
        for (std::size_t i = 0; i + 1 < memory; ++i) past[i] = past[i + 1];
        past[memory - 1] = static_cast<std::int16_t>(
            numerics::clamp(numerics::doubling_high_half_away(dot, p.feature), -32768, 32767));
        for (std::size_t i = 0; i < memory; ++i)
          sum += std::int32_t{past[i]} * time[f * memory + i];
      }
      // The framework sums in int32; a sum beyond it, which it leaves undefined, wraps here.
      y[static_cast<std::size_t>(b) * static_cast<std::size_t>(p.units) +
        static_cast<std::size_t>(u)] =
          static_cast<std::int8_t>(
              numerics::finish(rounding_policy::doubling_high_half_away::apply(sum, p.time),
                               p.out_zero_point, -128, 127));
    }
}
inline void svdf_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const svdf_params*>(a.params);
  auto* state = static_cast<std::int16_t*>(a.out[1]);
  if (a.in[3] != a.out[1])
    std::memcpy(state, a.in[3],
                static_cast<std::size_t>(p.batch) * static_cast<std::size_t>(p.filters) *
                    static_cast<std::size_t>(p.memory) * 2);
  svdf(p, static_cast<const std::int8_t*>(a.in[0]), static_cast<const std::int8_t*>(a.in[1]),
       static_cast<const std::int16_t*>(a.in[2]), static_cast<const std::int32_t*>(a.in[4]), state,
       static_cast<std::int8_t*>(a.out[0]));
}
}  // namespace reference

namespace ops {
constexpr status svdf_op_shape(const node_view& n, std::span<dims> out) {
  if (n.in.size() < 4 || out.size() != 2)
    return violation{rule::input_count, dims{4}, dims{static_cast<std::int32_t>(n.in.size())}};
  const shape_or s = svdf_shape(read_attributes<svdf_attrs>(*n.attrs), n.in[0].shape, n.in[1].shape,
                                n.in[2].shape, n.in[3].shape);
  if (s.broken) return s.broken;
  out[0] = s.shape, out[1] = n.in[3].shape;
  return unit{};
}
inline status svdf_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &w = n.in[1], &t = n.in[2], &state = n.in[3], &y = n.out[0];
  auto& p = to.make<svdf_params>(&reference::svdf_kernel);
  p.rank = read_attributes<svdf_attrs>(*n.attrs).rank;
  p.batch = x.shape[0], p.in_c = x.shape[1], p.filters = w.shape[0], p.memory = t.shape[1],
  p.units = y.shape[1];
  if (p.in_c > 65536)
    return unsupported("inputs", std::to_string(p.in_c), "at most 65536: sums stay below 2^31");
  if (n.present(4) && !(n.in[4].shape == dims{p.units}))
    return unsupported("bias", to_string(n.in[4].shape), "one a unit");
  for (const tensor_desc* d : {&w, &t, &state})
    if (!d->quantized() || d->per_channel() || d->zero_point() != 0)
      return unsupported("quantization of weights or state", {}, "one scale, zero point 0");
  p.in_zero_point = x.zero_point(), p.out_zero_point = y.zero_point();
  const auto scale = [](const tensor_desc& a, const tensor_desc& b, const tensor_desc& into) {
    return numerics::quantize_multiplier(static_cast<double>(
        numerics::div(numerics::mul(a.scale_f32(), b.scale_f32()), into.scale_f32())));
  };
  p.feature = scale(x, w, state);
  p.time = scale(state, t, y);
  return unit{};
}
inline constexpr form svdf_forms[] = {
    {.in = {dtype::s8, dtype::s8, dtype::s16, dtype::s16, dtype::s32},
     .out = {dtype::s8, dtype::s16},
     .roundings = rounding::doubling_high_half_away},
};
inline constexpr op_def qnn_svdf{
    .name = "qnn.svdf",
    .summary = "layer factored into features and time",
    .min_inputs = 4,
    .max_inputs = 5,
    .outputs = 2,
    .optional = {4},
    .forms = svdf_forms,
    .shape = &svdf_op_shape,
    .memory = &params_only<svdf_params>,
    .prepare = &svdf_prepare,
    .decide = &laws::tflite_integers,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/laws/activation.hpp
// Fused activations as bounds on quantized values, by the rounding of whoever computes the node.


OCTET_NAMESPACE_BEGIN

/// Fused activation of an operator; becomes a clamp of quantized values by the rule of the graph's
/// law.
enum class activation : std::uint8_t { none, relu, relu6, relu_n1_to_1, relu_0_to_1 };

namespace laws {

/// An activation as reals. No bound: none.
struct real_bounds {
  std::optional<float> lo, hi;
};
constexpr real_bounds bounds_of(activation a) {
  switch (a) {
    case activation::none: return {};
    case activation::relu: return {0.f, {}};
    case activation::relu6: return {0.f, 6.f};
    case activation::relu_n1_to_1: return {-1.f, 1.f};
    case activation::relu_0_to_1: return {0.f, 1.f};
  }
  return {};
}

/// The quantized value that stands for the bound v of a clamp, before it is cut to the type's
/// range; s: scale, z: zero point.
///   TFLite   z + rha(f32(v / s))
///   XNNPACK  rint(f32(f32(v / s) + z)): an odd zero point turns a tie
///   PyTorch  z + rint(f32(v * f32(1 / s)))
///   MXNet    the same with s in binary64
constexpr std::int32_t quantized_bound(library by, float v, double scale, std::int32_t zero_point) {
  const auto s = static_cast<float>(scale), z = static_cast<float>(zero_point);
  double q = 0;
  switch (by) {
    case library::tflite:
      q = static_cast<double>(numerics::round_half_away(numerics::div(v, s))) + zero_point;
      break;
    case library::xnnpack:
      q = static_cast<double>(numerics::rint(numerics::add(numerics::div(v, s), z)));
      break;
    case library::mxnet:
      q = static_cast<double>(
              numerics::rint(numerics::mul(v, static_cast<float>(numerics::div(1., scale))))) +
          zero_point;
      break;
    case library::pytorch:
      q = static_cast<double>(numerics::rint(numerics::mul(v, numerics::div(1.f, s)))) + zero_point;
      break;
  }
  return numerics::clamp_to_int(q, INT32_MIN, INT32_MAX);
}

/// Clamp after the zero point, both ends included.
struct clamp_bounds {
  std::int64_t lo, hi;
  constexpr bool operator==(const clamp_bounds&) const = default;
};
/// A fused activation on quantized values of this type, scale and zero point.
constexpr clamp_bounds activation_bounds(library by, activation a, dtype type, double scale,
                                         std::int32_t zero_point) {
  clamp_bounds c{lowest_of(type), highest_of(type)};
  const real_bounds r = bounds_of(a);
  if (r.lo)
    if (const std::int64_t q = quantized_bound(by, *r.lo, scale, zero_point); q > c.lo) c.lo = q;
  if (r.hi)
    if (const std::int64_t q = quantized_bound(by, *r.hi, scale, zero_point); q < c.hi) c.hi = q;
  return c;
}

}  // namespace laws
OCTET_NAMESPACE_END

// ---- octet/ops/lut.hpp
// 8-bit operators of one input as tables of 256 entries: what an operator computes is said once, by
// its constexpr function, and run as a lookup.


OCTET_NAMESPACE_BEGIN

/// What kernel_id::lut8 gets: y[i] = table[x[i]], `count` elements, both as raw bytes (a signed
/// value's bits are its index).
struct lut8_params {
  alignas(64) std::array<std::uint8_t, 256> table{};
  std::size_t count = 0;
};

/// Two tables: elements of whole blocks of `block`, counted from the first, use the first one, the
/// rest the second.
struct lut8_blocks_params {
  lut8_params blocks;
  alignas(64) std::array<std::uint8_t, 256> tail{};
  std::size_t block = 64;
};

/// The table of f, called with every value of an 8-bit type, giving values of another one.
template <class F> constexpr void fill_lut8(lut8_params& p, dtype in, F&& f) {
  const auto lo = static_cast<std::int32_t>(lowest_of(in));
  for (std::int32_t q = lo; q < lo + 256; ++q)
    p.table[static_cast<std::uint8_t>(q)] = static_cast<std::uint8_t>(f(q));
}

namespace reference {
inline void lut8_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const lut8_params*>(a.params);
  const auto r = part_of(p.count, a.part, a.parts);
  const auto* x = static_cast<const std::uint8_t*>(a.in[0]);
  auto* y = static_cast<std::uint8_t*>(a.out[0]);
  for (std::size_t i = r.begin; i < r.end; ++i) y[i] = p.table[x[i]];
}
inline void lut8_blocks_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const lut8_blocks_params*>(a.params);
  const auto r = part_of(p.blocks.count, a.part, a.parts);
  const auto* x = static_cast<const std::uint8_t*>(a.in[0]);
  auto* y = static_cast<std::uint8_t*>(a.out[0]);
  const std::size_t whole = p.blocks.count / p.block * p.block;
  for (std::size_t i = r.begin; i < r.end; ++i)
    y[i] = i < whole ? p.blocks.table[x[i]] : p.tail[x[i]];
}
}  // namespace reference

OCTET_NAMESPACE_END

// ---- octet/ops/unary.hpp
// Operators of one input, element by element: activations and elementary functions on u8, s8, s16
// (qnn.*) and float32.
//
// Roundings of the quantized forms. x, y: quantized values; sx, zx, sy, zy: their scales and zero
// points; t = f(d), d = f32(sx * (x - zx)), every step of f in binary32.
//   AWAY      TFLite's tables. 8 bits: sat(rha(f32(t * f32(1 / sy))) + zy). int16: 513-entry
//   interpolated tables, for logistic and tanh its sigmoid table EVEN_MUL  PyTorch: sat(rint(f32(t
//   * f32(1 / sy))) + zy) XNN       XNNPACK's tables: sat(rint(f32(f32(t * f32(1 / sy)) + zy))), so
//   that an odd zero point turns every tie EVEN      ONNX Runtime: sat(rint(f32(t / sy)) + zy)
//   TRUNC     TFLite's int8 sqrt: sat(trunc(f32(t / sy)) + zy)
//   DR        TFLite's integer pipelines: relu*, leaky_relu, abs, rsqrt (int8), hard_swish (8 bits)
//   Q8        XNNPACK's leaky_relu: factors with 8 fractional bits, ties up
//   OPT       TFLite's optimized int16 logistic and tanh: AWAY, but gemmlowp's Q3.12 functions
//   where the input scale is 2^-12 (tanh: or 2^-11) none      relu*: a clamp of x to [clamp_lo,
//   clamp_hi]; neg: the raw value's negative, wrapping (TFLite)


OCTET_NAMESPACE_BEGIN

enum class unary : std::uint8_t {
  logistic = 0,
  tanh,
  hard_swish,
  hard_sigmoid,
  elu,
  gelu,
  exp,
  log,
  sqrt,
  rsqrt,
  sin,
  cos,
  abs,
  neg,
  square,
  floor,
  ceil,
  round,
  relu,
  relu6,
  relu_n1_to_1,
  relu_0_to_1,
  leaky_relu
};

struct unary_attrs {
  double alpha =
      0;  // leaky_relu: the slope below 0; elu: its factor there, 1 where it is not given
  bool approximate = false;  // gelu: by tanh instead of erfc
  static constexpr auto fields = std::tuple{field{"alpha", &unary_attrs::alpha},
                                            field{"approximate", &unary_attrs::approximate}};
};

/// Everything that the value of an element depends on. 8-bit operators use it once, to fill their
/// table.
struct unary_params {
  unary function = unary::relu;
  rounding mode = rounding::none;
  dtype type = dtype::f32;  // of input and output
  bool approximate = false;
  std::size_t count = 0;  // elements
  float alpha = 0;
  float in_scale = 1, out_scale = 1, inverse = 1;  // inverse: f32(1 / out_scale)
  std::int32_t in_zero_point = 0, out_zero_point = 0;
  std::int32_t lo = 0, hi = 0;          // clamp after the zero point
  multiplier positive{}, negative{};    // DR, Q8: x >= zx, x < zx (leaky_relu). hard_swish: to the
                                        // output's scale, to that of relu6's argument
  numerics::sigmoid_input sigmoid{};    // AWAY and OPT, logistic and tanh on s16
  const std::int16_t* table = nullptr;  // AWAY, other functions on s16: 513 entries
};

namespace numerics {

constexpr float relu6_of(float v) noexcept { return v <= 0 ? 0.f : v >= 6 ? 6.f : v; }
/// f(x) in binary32, as the frameworks' kernels spell it, with octet's correctly rounded exp, tanh,
/// ...
constexpr float unary_f32(const unary_params& p, float x) noexcept {
  switch (p.function) {
    case unary::logistic:
      if (p.mode == rounding::divide_half_even) return logistic_f32(x);
      if (p.mode == rounding::none && x > 16.619047164916992188f)
        return 1.f;  // float32 tensors: TFLite's cutoffs
      if (p.mode == rounding::none && x < -9.f) return exp_f32(x);
      return div(1.f, add(1.f, exp_f32(-x)));
    case unary::tanh: return tanh_f32(x);
    case unary::hard_swish: return div(mul(x, relu6_of(add(x, 3.f))), 6.f);
    case unary::hard_sigmoid: return div(relu6_of(add(x, 3.f)), 6.f);
    case unary::elu: return x < 0 ? mul(expm1_f32(x), p.alpha) : x;
    case unary::gelu: {
      if (!p.approximate) return mul(mul(0.5f, x), erfc_f32(mul(x, -0.707106781f)));
      const float cube = mul(mul(mul(0.044715f, x), x), x);
      return mul(mul(0.5f, x), add(1.f, tanh_f32(mul(0.797884561f, add(x, cube)))));
    }
    case unary::exp: return exp_f32(x);
    case unary::log: return log_f32(x);
    case unary::sqrt: return sqrt_f32(x);
    case unary::rsqrt: return div(1.f, sqrt_f32(x));
    case unary::sin: return sin_f32(x);
    case unary::cos: return cos_f32(x);
    case unary::abs: return with_sign(x, 1.f);
    case unary::neg: return -x;
    case unary::square: return mul(x, x);
    case unary::floor: return floor(x);
    case unary::ceil: return -floor(-x);
    case unary::round: return rint(x);
    case unary::relu: return x < 0 ? 0.f : x;
    case unary::relu6: return x < 0 ? 0.f : x > 6 ? 6.f : x;
    case unary::relu_n1_to_1: return x < -1 ? -1.f : x > 1 ? 1.f : x;
    case unary::relu_0_to_1: return x < 0 ? 0.f : x > 1 ? 1.f : x;
    case unary::leaky_relu: return x > 0 ? x : mul(x, p.alpha);
  }
  return x;
}
/// The functions whose table needs a value where they have none: TFLite takes the output's lowest
/// (log) or highest (rsqrt) real value for x <= 0.
constexpr float unary_table_f32(const unary_params& p, float x) noexcept {
  if (x <= 0 && p.function == unary::log)
    return mul(static_cast<float>(static_cast<std::int32_t>(lowest_of(p.type)) - p.out_zero_point),
               p.out_scale);
  if (x <= 0 && p.function == unary::rsqrt)
    return mul(static_cast<float>(highest_of(p.type)), p.out_scale);
  return unary_f32(p, x);
}

/// TFLite's int16 pipeline of x * relu6(x + 3) / 6: x in 1/128 of its scale, the relu6 argument in
/// Q0.15 of [-3, 3].
constexpr std::int32_t hard_swish_dr(const unary_params& p, std::int32_t x) noexcept {
  const auto h = static_cast<std::int16_t>((x - p.in_zero_point) * 128);
  const auto product = fixed16::mul(h, static_cast<std::int16_t>(p.positive.m));
  std::int16_t r = h;
  if (p.negative.shift > 0) r = fixed16::shl(r, p.negative.shift - 1);
  r = fixed16::mul(r, static_cast<std::int16_t>(p.negative.m));
  if (p.negative.shift > 0)
    r = fixed16::shl(r, 1);
  else if (p.negative.shift < 0)
    r = fixed16::rounding_shift_half_away(r, -p.negative.shift);
  const std::int32_t gate = (r + 32768) >> 1;
  const auto v = static_cast<std::int16_t>(gate * product / 32768);  // toward zero
  return fixed16::rounding_shift_half_away(v, -p.positive.shift);
}
/// TFLite's int8 1 / sqrt: an integer reciprocal root with 20 more fractional bits, then the
/// scales.
constexpr std::int32_t rsqrt_dr(const unary_params& p, std::int32_t v) noexcept {
  if (v <= 0)
    return INT32_MAX / 2;  // saturates: TFLite gives its highest value at 0 and refuses less
  const multiplier root = reciprocal_sqrt(v);
  return doubling_high_half_away(doubling_high_half_away(1, {root.m, root.shift + 20}),
                                 {p.positive.m, p.positive.shift - 20});
}
/// 16 bits of a multiplier.
constexpr std::int32_t high_half(std::int32_t m) noexcept {
  return m >= INT32_MAX - (1 << 15) ? 32767 : (m + (1 << 15)) >> 16;
}

/// The quantized value of one element.
constexpr std::int32_t unary_value(const unary_params& p, std::int32_t x) noexcept {
  const std::int32_t v = x - p.in_zero_point;
  switch (p.mode) {
    case rounding::none:
      if (p.function == unary::neg)
        return p.type == dtype::s8    ? static_cast<std::int8_t>(-x)
               : p.type == dtype::s16 ? static_cast<std::int16_t>(-x)
                                      : static_cast<std::uint8_t>(-x);
      return clamp(x, p.lo, p.hi);
    case rounding::doubling_high_half_away:
      if (p.function == unary::hard_swish)
        return clamp(hard_swish_dr(p, x) + p.out_zero_point, p.lo, p.hi);
      if (p.function == unary::rsqrt)
        return finish(std::int64_t{rsqrt_dr(p, v)}, p.out_zero_point, p.lo, p.hi);
      if (p.function == unary::abs)
        return finish(
            std::int64_t{p.positive.m == 0 ? (v < 0 ? -v : v)
                                           : doubling_high_half_away(v < 0 ? -v : v, p.positive)},
            p.out_zero_point, p.lo, p.hi);
      return finish(
          rounding_policy::doubling_high_half_away::apply(v, v >= 0 ? p.positive : p.negative),
          p.out_zero_point, p.lo, p.hi);
    case rounding::eight_bit_ratio_half_up:
      return finish(
          rounding_policy::eight_bit_ratio_half_up::apply(v, v >= 0 ? p.positive : p.negative),
          p.out_zero_point, p.lo, p.hi);
    case rounding::tflite_optimized:
    case rounding::divide_half_away:
      if (p.type == dtype::s16) {
        if (p.mode == rounding::tflite_optimized && p.sigmoid.multiplier == 0) {
          const auto q = fixed16::shl(static_cast<std::int16_t>(x), p.sigmoid.shift);
          return p.function == unary::logistic ? fixed16::logistic(q, 3) : fixed16::tanh(q, 3);
        }
        if (p.function == unary::logistic) return logistic_q15(p.sigmoid(x));
        if (p.function == unary::tanh) return tanh_q15(p.sigmoid(x));
        return lookup(p.table, static_cast<std::int16_t>(x));
      }
      return clamp_to_int(
          static_cast<double>(
              add(round_half_away(
                      mul(unary_table_f32(p, mul(p.in_scale, static_cast<float>(v))), p.inverse)),
                  static_cast<float>(p.out_zero_point))),
          p.lo, p.hi);
    case rounding::xnnpack:
      return clamp_to_int(static_cast<double>(rint(add(
                              mul(unary_f32(p, mul(p.in_scale, static_cast<float>(v))), p.inverse),
                              static_cast<float>(p.out_zero_point)))),
                          p.lo, p.hi);
    case rounding::reciprocal_half_even:
      return finish(static_cast<double>(
                        rint(mul(unary_f32(p, mul(p.in_scale, static_cast<float>(v))), p.inverse))),
                    p.out_zero_point, p.lo, p.hi);
    case rounding::divide_truncate:
      return finish(static_cast<double>(trunc(
                        div(unary_f32(p, mul(p.in_scale, static_cast<float>(v))), p.out_scale))),
                    p.out_zero_point, p.lo, p.hi);
    case rounding::divide_half_even:
      return finish(static_cast<double>(rint(
                        div(unary_f32(p, mul(p.in_scale, static_cast<float>(v))), p.out_scale))),
                    p.out_zero_point, p.lo, p.hi);
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::double_half_away:
    case rounding::float_half_even:
    case rounding::float_bias_half_even:
    case rounding::float_zero_point_half_even:
    case rounding::qnnpack:
    case rounding::aten:
    case rounding::fused_multiply_add:
    case rounding::mxnet: break;  // unary_prepare refuses these
  }
  return p.out_zero_point;
}
}  // namespace numerics

namespace reference {
template <class T>
constexpr void unary_values(const unary_params& p, const T* x, T* y, std::size_t begin,
                            std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    if constexpr (std::is_floating_point_v<T>)
      y[i] = numerics::unary_f32(p, x[i]);
    else
      y[i] = static_cast<T>(numerics::unary_value(p, x[i]));
  }
}
inline void unary_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const unary_params*>(a.params);
  const auto r = part_of(p.count, a.part, a.parts);
  if (p.type == dtype::f32)
    unary_values(p, static_cast<const float*>(a.in[0]), static_cast<float*>(a.out[0]), r.begin,
                 r.end);
  else
    with_quantized(p.type, [&]<class T>(type_tag<T>) {
      unary_values(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin, r.end);
    });
}
}  // namespace reference

namespace ops {
constexpr bool is_relu(unary f) {
  return f == unary::relu || f == unary::relu6 || f == unary::relu_n1_to_1 ||
         f == unary::relu_0_to_1;
}

/// The clamp that a relu is.
constexpr activation activation_of(unary f) {
  return f == unary::relu6          ? activation::relu6
         : f == unary::relu_n1_to_1 ? activation::relu_n1_to_1
         : f == unary::relu_0_to_1  ? activation::relu_0_to_1
                                    : activation::relu;
}
/// Its bounds in quantized values of the output, as TFLite rounds them.
constexpr clamp_range relu_bounds(unary f, const tensor_desc& y) {
  const auto c = laws::activation_bounds(laws::library::tflite, activation_of(f), y.type, y.scale(),
                                         y.zero_point());
  return {static_cast<std::int32_t>(c.lo), static_cast<std::int32_t>(c.hi)};
}

/// The multipliers of the integer roundings; TFLite forms these ratios in binary32.
inline status unary_multipliers(unary_params& p) {
  const float ratio = numerics::div(p.in_scale, p.out_scale);
  const auto quantized = [](float v) {
    return numerics::quantize_multiplier(static_cast<double>(v));
  };
  if (p.mode == rounding::eight_bit_ratio_half_up) {
    p.positive = numerics::q8_multiplier(ratio);
    p.negative = p.function == unary::leaky_relu
                     ? numerics::q8_multiplier(numerics::mul(ratio, p.alpha))
                     : p.positive;
    return unit{};
  }
  p.positive = p.negative = quantized(ratio);
  if (p.function == unary::leaky_relu) {
    const float slope = numerics::div(numerics::mul(p.in_scale, p.alpha), p.out_scale);
    p.negative = quantized(slope < 0 ? -slope : slope);
    if (slope < 0) p.negative.m = -p.negative.m;
  } else if (p.function == unary::abs) {
    if (p.in_scale == p.out_scale) p.positive = {};  // no rescale at all
  } else if (p.function == unary::rsqrt) {
    p.positive = numerics::quantize_multiplier(numerics::div(
        1., static_cast<double>(numerics::mul(numerics::sqrt_f32(p.in_scale), p.out_scale))));
  } else if (p.function == unary::hard_swish) {
    const float fine = numerics::mul(1.f / 128, p.in_scale);
    p.positive = quantized(numerics::div(fine, p.out_scale));
    p.negative = quantized(numerics::div(fine, 3.f / 32768));
    if (p.positive.shift > 0)
      return unsupported("hard_swish whose output scale is below 1/128 of its input's");
    p.positive.m = numerics::high_half(p.positive.m);
    p.negative.m = numerics::high_half(p.negative.m);
  }
  return unit{};
}

/// Rounding ATEN on 8 bits: PyTorch's vector loops dequantize with one fused multiply-add, their
/// scalar tails with a difference and a product; else EVEN_MUL.
template <unary F> constexpr bool by_position(const node_view& n) {
  return n.round == rounding::aten && is_8bit(n.in[0].type) && !is_relu(F);
}
template <unary F, bool Quantized>
constexpr void unary_memory(const node_view& n, node_memory& to) {
  constexpr bool sigmoid = F == unary::logistic || F == unary::tanh;
  if (Quantized && by_position<F>(n)) return to.make<lut8_blocks_params>();
  if (Quantized && is_8bit(n.in[0].type)) return to.make<lut8_params>();
  if (Quantized && n.round == rounding::divide_half_away && !sigmoid) to.array<std::int16_t>(513);
  to.make<unary_params>();
}
template <unary F, bool Quantized> status unary_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  const auto a = read_attributes<unary_attrs>(*n.attrs);
  unary_params p;
  p.function = F;
  p.mode = n.round;
  p.type = x.type;
  p.approximate = a.approximate;
  p.alpha = F == unary::elu && !n.attrs->find("alpha") ? 1.f : static_cast<float>(a.alpha);
  p.count = x.shape.elements().value;
  if constexpr (!Quantized) {
    to.make<unary_params>(&reference::unary_kernel) = p;
    return unit{};
  }
  if (x.per_channel() || y.per_channel()) return unsupported("per-channel activations");
  p.in_scale = x.scale_f32(), p.out_scale = y.scale_f32(),
  p.inverse = numerics::div(1.f, p.out_scale);
  p.in_zero_point = x.zero_point(), p.out_zero_point = y.zero_point();
  const clamp_range bounds =
      is_relu(F) && n.round != rounding::none ? relu_bounds(F, y) : clamp_of(*n.attrs, y.type);
  p.lo = bounds.lo, p.hi = bounds.hi;
  const bool sigmoid = (F == unary::logistic || F == unary::tanh) &&
                       n.round == rounding::tflite_optimized && x.type == dtype::s16;
  if (n.round == rounding::doubling_high_half_away || n.round == rounding::eight_bit_ratio_half_up)
    if (auto s = unary_multipliers(p); !s) return s;
  if ((n.round == rounding::divide_half_away || sigmoid) && x.type == dtype::s16) {
    if (p.in_zero_point != 0 || p.out_zero_point != 0)
      return unsupported("zero points of int16",
                         std::to_string(p.in_zero_point) + ", " + std::to_string(p.out_zero_point),
                         "0");
    if constexpr (F == unary::logistic || F == unary::tanh) {
      if (p.out_scale != 1.f / 32768)
        return unsupported("output scale", std::to_string(p.out_scale), "1/32768");
      p.sigmoid = numerics::sigmoid_input_for(x.scale(), F == unary::tanh);
    } else {
      auto table = to.array<std::int16_t>(513);
      numerics::make_lut16<float>([&](float v) { return numerics::unary_table_f32(p, v); },
                                  p.in_scale, p.in_zero_point, p.out_scale, p.out_zero_point,
                                  table.data());
      p.table = table.data();
    }
  }
  if (by_position<F>(n)) {
    p.mode = rounding::reciprocal_half_even;
    const float premultiplied = numerics::mul(p.in_scale, -static_cast<float>(p.in_zero_point));
    auto& l = to.make<lut8_blocks_params>(&reference::lut8_blocks_kernel);
    l.blocks.count = p.count;
    lut8_params tail;
    fill_lut8(tail, x.type, [&](std::int32_t q) { return numerics::unary_value(p, q); });
    fill_lut8(l.blocks, x.type, [&](std::int32_t q) {
      const float v = numerics::fma(p.in_scale, static_cast<float>(q), premultiplied);
      return numerics::finish(
          static_cast<double>(numerics::rint(numerics::mul(numerics::unary_f32(p, v), p.inverse))),
          p.out_zero_point, p.lo, p.hi);
    });
    l.tail = tail.table;
    if (l.tail == l.blocks.table) {  // no position to tell: one table
      to.params = &l.blocks;
      to.reference = &reference::lut8_kernel;
      to.kernel = kernel_id::lut8;
    }
    return unit{};
  }
  if (is_8bit(x.type)) {
    auto& l = to.make<lut8_params>(&reference::lut8_kernel, kernel_id::lut8);
    l.count = p.count;
    fill_lut8(l, x.type, [&](std::int32_t q) { return numerics::unary_value(p, q); });
    return unit{};
  }
  to.make<unary_params>(&reference::unary_kernel) = p;
  return unit{};
}

/// Roundings of a function of quantized values. The floating ones take any function; the integer
/// pipelines exist for some.
constexpr rounding_set unary_roundings(unary f, dtype t) {
  const bool integer = is_relu(f) || f == unary::leaky_relu || f == unary::abs ||
                       f == unary::rsqrt || f == unary::hard_swish;
  const bool eight = is_8bit(t), sigmoid = f == unary::logistic || f == unary::tanh;
  rounding_set r{rounding::divide_half_even, rounding::reciprocal_half_even, rounding::xnnpack,
                 rounding::divide_truncate};
  if (eight || !integer || f == unary::rsqrt) r = r | rounding::divide_half_away;
  if (integer && (eight || f != unary::hard_swish)) r = r | rounding::doubling_high_half_away;
  if (f == unary::leaky_relu || is_relu(f)) r = r | rounding::eight_bit_ratio_half_up;
  if (f == unary::neg || is_relu(f)) r = r | rounding::none;
  if (eight && !is_relu(f)) r = r | rounding::aten;
  if (!eight && sigmoid) r = r | rounding::tflite_optimized;
  return r;
}
template <unary F>
inline constexpr form unary_forms[] = {
    {.in = {eight_bit}, .out = {like(0)}, .roundings = unary_roundings(F, dtype::u8)},
    {.in = {dtype::s16}, .out = {like(0)}, .roundings = unary_roundings(F, dtype::s16)},
};
inline constexpr form plain_unary_forms[] = {
    {.in = {dtype::f32},
     .out = {dtype::f32},
     .roundings = rounding_set{rounding::none, rounding::aten}},
};

#define OCTET_UNARY_(id, text, what, quantized_law, float_law) \
  inline constexpr op_def qnn_##id{                            \
      .name = "qnn." text,                                     \
      .summary = what " of quantized values",                  \
      .forms = unary_forms<unary::id>,                         \
      .kernel = kernel_id::lut8,                               \
      .shape = &same_op_shape,                                 \
      .memory = &unary_memory<unary::id, true>,                \
      .prepare = &unary_prepare<unary::id, true>,              \
      .decide = quantized_law,                                 \
  };                                                           \
  inline constexpr op_def id{                                  \
      .name = text,                                            \
      .summary = what,                                         \
      .forms = plain_unary_forms,                              \
      .shape = &same_op_shape,                                 \
      .memory = &params_only<unary_params>,                    \
      .prepare = &unary_prepare<unary::id, false>,             \
      .decide = float_law,                                     \
  };
OCTET_UNARY_(logistic, "logistic", "1 / (1 + exp(-x))", &laws::sigmoid, &laws::of_floats)
OCTET_UNARY_(tanh, "tanh", "hyperbolic tangent", &laws::sigmoid, &laws::of_floats)
OCTET_UNARY_(hard_swish, "hard_swish", "x * relu6(x + 3) / 6", &laws::hard_swish, &laws::of_floats)
OCTET_UNARY_(hard_sigmoid, "hard_sigmoid", "relu6(x + 3) / 6", &laws::hard_sigmoid,
             &laws::of_floats)
OCTET_UNARY_(elu, "elu", "x, below 0 alpha * (exp(x) - 1)", &laws::elu, nullptr)
OCTET_UNARY_(gelu, "gelu", "Gaussian error linear unit, exact or approximate", &laws::table,
             nullptr)
OCTET_UNARY_(exp, "exp", "exponential", &laws::table, nullptr)
OCTET_UNARY_(log, "log", "natural logarithm", &laws::table, nullptr)
OCTET_UNARY_(sqrt, "sqrt", "square root", &laws::sqrt, nullptr)
OCTET_UNARY_(rsqrt, "rsqrt", "reciprocal of the square root", &laws::rsqrt, nullptr)
OCTET_UNARY_(sin, "sin", "sine", &laws::table, nullptr)
OCTET_UNARY_(cos, "cos", "cosine", &laws::table, nullptr)
OCTET_UNARY_(abs, "abs", "absolute value", &laws::tflite_integers, nullptr)
OCTET_UNARY_(neg, "neg", "negation", &laws::neg, nullptr)
OCTET_UNARY_(square, "square", "x * x", &laws::table, nullptr)
OCTET_UNARY_(relu, "relu", "max(x, 0)", &laws::clamp, nullptr)
OCTET_UNARY_(relu6, "relu6", "clamp to [0, 6]", &laws::clamp, nullptr)
OCTET_UNARY_(relu_n1_to_1, "relu_n1_to_1", "clamp to [-1, 1]", &laws::clamp, nullptr)
OCTET_UNARY_(relu_0_to_1, "relu_0_to_1", "clamp to [0, 1]", &laws::clamp, nullptr)
OCTET_UNARY_(leaky_relu, "leaky_relu", "x, below 0 alpha * x", &laws::leaky_relu, nullptr)
#undef OCTET_UNARY_
inline constexpr op_def floor{
    .name = "floor",
    .summary = "rounded down",
    .forms = plain_unary_forms,
    .shape = &same_op_shape,
    .memory = &params_only<unary_params>,
    .prepare = &unary_prepare<unary::floor, false>,
};
inline constexpr op_def ceil{
    .name = "ceil",
    .summary = "rounded up",
    .forms = plain_unary_forms,
    .shape = &same_op_shape,
    .memory = &params_only<unary_params>,
    .prepare = &unary_prepare<unary::ceil, false>,
};
inline constexpr op_def round{
    .name = "round",
    .summary = "rounded to the nearest, ties to even",
    .forms = plain_unary_forms,
    .shape = &same_op_shape,
    .memory = &params_only<unary_params>,
    .prepare = &unary_prepare<unary::round, false>,
};
}  // namespace ops

OCTET_NAMESPACE_END

// ---- octet/ops/list.hpp
// The operators octet has: one row each. Dispatch, verification, tests, benchmarks and the
// documentation's table go through this list.


OCTET_NAMESPACE_BEGIN

namespace detail {
inline constexpr const op_def* builtin_list[] = {
    &ops::conv2d,
    &ops::depthwise_conv2d,
    &ops::fully_connected,
    &ops::requantize,
    &ops::requantize_add,
    &ops::quantize,
    &ops::dequantize,
    &ops::dynamic_quantize,
    &ops::dynamic_dequantize,
    &ops::float_conv2d,
    &ops::float_depthwise_conv2d,
    &ops::float_transpose_conv2d,
    &ops::float_fully_connected,
    &ops::qnn_add,
    &ops::qnn_sub,
    &ops::add,
    &ops::sub,
    &ops::qnn_mul,
    &ops::mul,
    &ops::qnn_avg_pool2d,
    &ops::qnn_max_pool2d,
    &ops::avg_pool2d,
    &ops::max_pool2d,
    &ops::qnn_mean,
    &ops::qnn_sum,
    &ops::qnn_reduce_prod,
    &ops::mean,
    &ops::sum,
    &ops::reduce_max,
    &ops::reduce_min,
    &ops::reduce_prod,
    &ops::reduce_any,
    &ops::reduce_all,
    &ops::qnn_pad,
    &ops::pad,
    &ops::mirror_pad,
    &ops::reshape,
    &ops::squeeze,
    &ops::expand_dims,
    &ops::identity,
    &ops::qnn_concat,
    &ops::concat,
    &ops::qnn_logistic,
    &ops::logistic,
    &ops::qnn_tanh,
    &ops::tanh,
    &ops::qnn_hard_swish,
    &ops::hard_swish,
    &ops::qnn_hard_sigmoid,
    &ops::hard_sigmoid,
    &ops::qnn_elu,
    &ops::elu,
    &ops::qnn_gelu,
    &ops::gelu,
    &ops::qnn_exp,
    &ops::exp,
    &ops::qnn_log,
    &ops::log,
    &ops::qnn_sqrt,
    &ops::sqrt,
    &ops::qnn_rsqrt,
    &ops::rsqrt,
    &ops::qnn_sin,
    &ops::sin,
    &ops::qnn_cos,
    &ops::cos,
    &ops::qnn_abs,
    &ops::abs,
    &ops::qnn_neg,
    &ops::neg,
    &ops::qnn_square,
    &ops::square,
    &ops::qnn_relu,
    &ops::relu,
    &ops::qnn_relu6,
    &ops::relu6,
    &ops::qnn_relu_n1_to_1,
    &ops::relu_n1_to_1,
    &ops::qnn_relu_0_to_1,
    &ops::relu_0_to_1,
    &ops::qnn_leaky_relu,
    &ops::leaky_relu,
    &ops::floor,
    &ops::ceil,
    &ops::round,
    &ops::qnn_lstm,
    &ops::qnn_svdf,
    &ops::qnn_softmax,
    &ops::softmax,
    &ops::qnn_log_softmax,
    &ops::log_softmax,
    &ops::qnn_prelu,
    &ops::prelu,
    &ops::qnn_l2_normalization,
    &ops::l2_normalization,
    &ops::pack,
    &ops::minimum,
    &ops::maximum,
    &ops::equal,
    &ops::not_equal,
    &ops::less,
    &ops::less_equal,
    &ops::greater,
    &ops::greater_equal,
    &ops::logical_and,
    &ops::logical_or,
    &ops::squared_difference,
    &ops::div,
    &ops::floor_div,
    &ops::floor_mod,
    &ops::qnn_minimum,
    &ops::qnn_maximum,
    &ops::qnn_equal,
    &ops::qnn_not_equal,
    &ops::qnn_less,
    &ops::qnn_less_equal,
    &ops::qnn_greater,
    &ops::qnn_greater_equal,
    &ops::qnn_squared_difference,
    &ops::qnn_div,
    &ops::select,
    &ops::cast,
    &ops::transpose,
    &ops::slice,
    &ops::strided_slice,
    &ops::tile,
    &ops::reverse,
    &ops::broadcast_to,
    &ops::space_to_depth,
    &ops::depth_to_space,
    &ops::space_to_batch,
    &ops::batch_to_space,
    &ops::split,
    &ops::unpack,
    &ops::gather,
    &ops::gather_nd,
    &ops::one_hot,
    &ops::arg_max,
    &ops::arg_min,
    &ops::cumsum,
    &ops::topk,
    &ops::qnn_batch_matmul,
    &ops::batch_matmul,
    &ops::transpose_conv2d,
    &ops::resize_nearest,
    &ops::qnn_resize_bilinear,
    &ops::resize_bilinear,
    &ops::batch_norm,
    &ops::layer_norm,
    &ops::group_norm,
};
}  // namespace detail

/// All operators that come with octet.
constexpr std::span<const op_def* const> builtin_operators() { return detail::builtin_list; }

/// The operator of that name; null where there is none. `more`: operators registered from outside,
/// searched first.
constexpr const op_def* find_operator(std::string_view name,
                                      std::span<const op_def* const> more = {}) {
  for (const op_def* o : more)
    if (o->name == name) return o;
  for (const op_def* o : builtin_operators())
    if (o->name == name) return o;
  return nullptr;
}

OCTET_NAMESPACE_END

// ---- octet/plan/step.hpp
// One kernel call of a plan.


OCTET_NAMESPACE_BEGIN

/// One kernel call. Everything in it is fixed at plan time.
struct step {
  kernel_fn run = nullptr;
  const void* params = nullptr;
  std::int32_t node = 0;  // index into plan_data::source.nodes
  std::uint32_t first_in = 0, inputs = 0, first_out = 0,
                outputs = 0;  // ranges of plan_data::operands
  std::uint32_t parts = 1;
  kernel_id kernel = kernel_id::none;  // none: the reference runs
  const char* kernel_name = "reference";
  std::size_t scratch = 0;  // bytes per part
};

OCTET_NAMESPACE_END

// ---- octet/plan/prepare_step.hpp
// From a node to one step, on every path: loaded and typed networks, direct calls, constant
// folding. The kernel of a target runs if it takes the node's params, else the reference.


OCTET_NAMESPACE_BEGIN
namespace detail {

/// Copies the first input to the output: what an alias becomes where the two cannot share memory.
struct copy_params {
  std::size_t bytes = 0;
};
inline void copy_kernel(const kernel_args& a) noexcept {
  const std::size_t n = static_cast<const copy_params*>(a.params)->bytes;
  if (n != 0) std::memcpy(a.out[0], a.in[0], n);
}

/// Outputs without elements: nothing to compute, and kernels need not know tensors that have a null
/// pointer and pixels without channels.
constexpr bool computes_nothing(const node_view& n) {
  for (const tensor_desc& y : n.out)
    if (y.shape.elements().value != 0) return false;
  return !n.out.empty();
}

/// The memory of a step for a node, on each of the targets.
constexpr node_memory memory_of_step(const op_def& op, const node_view& n,
                                     std::span<const kernels::target_layout* const> targets) {
  node_memory m(targets);
  if (op.memory != nullptr) op.memory(n, m);
  if (m.alias) m.make<copy_params>();
  if (computes_nothing(n)) m.reference_scratch = 0, m.on = {};
  for (kernels::node_bytes& b : m.on) b.scratch = std::max(b.scratch, m.reference_scratch);
  return m;
}
/// The output of this node may be its input's bytes.
constexpr bool is_alias(const op_def& op, const node_view& n) {
  node_memory m;
  if (op.memory != nullptr && takes(op, n)) op.memory(n, m);
  return m.alias;
}

/// What an operator or kernel takes beyond what it declares: an error of its author, found on every
/// path, because typed graphs would be too small.
inline status within(const op_def& op, const char* what, std::size_t taken, std::size_t declared) {
  if (taken <= declared || op.memory == nullptr) return unit{};
  return invalid(what, std::to_string(taken) + " bytes",
                 std::to_string(declared) + " bytes, as op_def::memory says");
}

/// Which kernel a target has: kernels::find, or something that names fewer of them.
using kernel_finder = const kernel_entry* (*)(kernel_id, target) noexcept;
/// References only: for who must not name the kernels (loaders, which fold constants).
inline const kernel_entry* no_kernel(kernel_id, target) noexcept { return nullptr; }

/// Fills run, params, kernel, kernel_name, scratch and parts of `st`. Params and packed weights
/// come from `memory`. `threads`: into how many parts a kernel that can be split is. No heap on the
/// way to success if `memory` needs none.
inline status prepare_step(const op_def& op, const node_view& n, target on, kernel_finder find,
                           unsigned threads, plan_memory& memory, step& st) {
  const kernels::target_layout* const layout[] = {kernels::layout_of(on)};
  prepared p;
  p.memory = &memory;
  memory.align();
  const std::size_t before = memory.total().value;
  if (auto s = prepare_node(op, n, p); !s) return s;
  const node_memory most = memory_of_step(op, n, layout);
  if (most.alias)
    p.make<copy_params>(&copy_kernel).bytes =
        bytes_of(n.out[0].shape.elements(), n.out[0].type).value;
  if (auto s = within(op, "params of an operator", memory.total().value - before, most.params); !s)
    return s;
  memory.align();
  st.params = p.params;
  if (computes_nothing(n)) {
    st.run = [](const kernel_args&) noexcept {};
    st.kernel_name = "nothing";
    return unit{};
  }
  st.run = p.reference;
  st.scratch = most.reference_scratch;
  const kernel_entry* const k = p.kernel == kernel_id::none ? nullptr : find(p.kernel, on);
  if (k == nullptr || k->run == nullptr || (k->accepts && !k->accepts(p.params))) return unit{};
  st.run = k->run;
  st.kernel = p.kernel;
  st.kernel_name = k->describe ? k->describe(p.params) : "simd";
  st.parts = k->parallel ? threads : 1;
  st.scratch = k->scratch_bytes ? k->scratch_bytes(p.params) : 0;
  const std::size_t packed = k->packed_bytes ? k->packed_bytes(p.params) : 0;
  if (auto s = within(op, "scratch of a kernel", st.scratch, most.on[0].scratch); !s) return s;
  if (auto s = within(op, "packed data of a kernel", packed, most.on[0].packed); !s) return s;
  if (packed != 0) k->pack(p.params, memory.bytes(Bytes(packed)));
  memory.align();
  return unit{};
}

/// A state's first contents: those given, else real zero.
inline void reset_state(std::byte* to, dtype type, std::size_t bytes,
                        std::span<const std::byte> first, std::int32_t zero_point) noexcept {
  if (!first.empty())
    std::memcpy(to, first.data(), first.size());
  else if (bytes != 0)
    std::memset(to, is_8bit(type) ? zero_point & 255 : 0, bytes);
}

}  // namespace detail
OCTET_NAMESPACE_END

// ---- octet/direct.hpp
// One operator on the caller's own memory, without a graph: the same preparation, the same kernels,
// the same bits.


OCTET_NAMESPACE_BEGIN

/// Memory of the caller with its quantization; scale 0: plain numbers. `scales`: per channel along
/// `axis`, in place of scale.
struct quantized_view {
  const_tensor_view data;
  double scale = 0;
  std::int32_t zero_point = 0;
  std::span<const double> scales{};
  std::span<const std::int32_t> zero_points{};
  std::int32_t axis = -1;

  tensor_desc desc() const {
    tensor_desc d{data.type, data.shape, {}, {}, axis};
    if (!scales.empty())
      d.scales = scales, d.zero_points = zero_points;
    else if (scale != 0)
      d.scales = {&scale, 1}, d.zero_points = {&zero_point, 1};
    return d;
  }
};

/// An operator prepared for one set of shapes, types and constants (weights are packed): make it
/// once, call it often. Keeps pointers to the constants.
class operator_call {
 public:
  /// `constant[i]`: input i is known now (weights, biases). Absent optional inputs: a view without
  /// data and shape {0}.
  static result<operator_call> make(const op_def& op, std::span<const quantized_view> in,
                                    std::span<const bool> constant,
                                    std::span<const quantized_view> out, const attributes& attrs,
                                    rounding round, target on = target::automatic) {
    const numerics::exact_environment environment;
    if (on == target::automatic) on = best_target();
    if (!can_run(on))
      return unsupported("target", std::string(name_of(on)),
                         "a target of this build that this CPU can run");
    const auto count = static_cast<std::int32_t>(in.size());
    if (count < op.min_inputs || (op.max_inputs >= 0 && count > op.max_inputs))
      return invalid("number of inputs of " + std::string(op.name), std::to_string(count),
                     std::to_string(op.min_inputs) + " to " + std::to_string(op.max_inputs));
    operator_call c;
    std::vector<tensor_desc> ins, outs;
    std::vector<std::span<const std::byte>> constants;
    const auto given = std::make_unique<bool[]>(in.size() + 1);
    for (std::size_t i = 0; i < in.size(); ++i) {
      given[i] = in[i].data.data != nullptr || !(i < constant.size() && constant[i]);
      ins.push_back(in[i].desc());
      const bool known = given[i] && i < constant.size() && constant[i];
      constants.push_back(
          known ? std::span(static_cast<const std::byte*>(in[i].data.data), in[i].data.size_bytes())
                : std::span<const std::byte>());
    }
    for (const quantized_view& o : out) outs.push_back(o.desc());
    const attribute_view view(attrs);
    const node_view n{ins, outs, constants, {given.get(), in.size()}, &view, round};
    std::vector<dims> shapes(out.size());
    if (op.shape) {
      if (auto s = op.shape(n, shapes); !s) return s.error();
      for (std::size_t i = 0; i < out.size(); ++i)
        if (!(shapes[i] == outs[i].shape))
          return invalid("output shape of " + std::string(op.name), to_string(outs[i].shape),
                         to_string(shapes[i]));
    }
    c.memory_ = std::make_unique<plan_memory>();
    if (auto s = detail::prepare_step(op, n, on, &kernels::find, 1, *c.memory_, c.step_); !s)
      return s.error();
    c.step_.inputs = static_cast<std::uint32_t>(in.size()),
    c.step_.outputs = static_cast<std::uint32_t>(out.size());
    c.scratch_ = buffer(Bytes(c.step_.scratch));
    return c;
  }
  /// One pointer per input (constants as well) and per output. No allocation, no lock, no system
  /// call.
  void operator()(const void* const* in, void* const* out) noexcept {
    const numerics::exact_environment environment;
    step_.run({step_.params, {in, step_.inputs}, {out, step_.outputs}, scratch_.data(), 0, 1});
  }
  /// "reference", or the name of the kernel in use.
  const char* kernel_name() const noexcept { return step_.kernel_name; }

 private:
  operator_call() = default;
  std::unique_ptr<plan_memory> memory_;
  step step_;
  buffer scratch_;
};

// ---- the operators as functions ----
//
// Each checks shapes and types, prepares (packs weights) and runs at every call: use operator_call
// where one operator runs often. Views are the caller's memory, NHWC for images; results are
// written to `y`, whose shape must be the operator's. float32 views run the float32 form of an
// operator where it has one.

/// Result memory of a call: the caller's, with its quantization and a fused activation.
struct quantized_result {
  tensor_view data;
  double scale = 0;
  std::int32_t zero_point = 0;
  octet::activation activation = activation::none;
  quantized_view view() const { return {data, scale, zero_point, {}, {}, -1}; }
};
/// Whose arithmetic a call follows: a law (TFLite's reference unless given), or one rounding by
/// name.
struct arithmetic {
  octet::law law = octet::law::tflite_ref;
  octet::rounding rounding = octet::rounding::none;
  bool by_law = true;
  constexpr arithmetic() = default;
  constexpr arithmetic(octet::law l) : law(l) {}                           // NOLINT
  constexpr arithmetic(octet::rounding r) : rounding(r), by_law(false) {}  // NOLINT
};

namespace detail {
/// What the law of a call says of it.
inline laws::decision decide(const op_def& op, std::span<const quantized_view> in,
                             const quantized_result& y, const attributes& attrs, octet::law l) {
  std::vector<tensor_desc> ins;
  for (const quantized_view& v : in) ins.push_back(v.desc());
  const std::unique_ptr<bool[]> given(new bool[in.size()]);
  std::fill_n(given.get(), in.size(), true);
  const quantized_view to = y.view();
  const tensor_desc out = to.desc();
  const attribute_view view(attrs);
  return octet::decide(op, l, {ins, {&out, 1}, {}, {given.get(), in.size()}, &view},
                       laws::composed(in[0].data.shape));
}
/// Prepares and runs once. `constants`: how many of the last inputs are known now (weights, bias).
inline status call_once(const op_def& op, std::span<const quantized_view> in, std::size_t constants,
                        const quantized_result& y, attributes attrs, const arithmetic& how) {
  rounding round = how.rounding;
  laws::decision decided = round;
  const bool accumulators =
      y.scale == 0 && (y.data.type == dtype::s32 || y.data.type == dtype::s64);
  if (how.by_law && !accumulators) {
    decided = decide(op, in, y, attrs, how.law);
    if (!decided.known)
      return unsupported(std::string(op.name) + " on " + std::string(name_of(in[0].data.type)),
                         "law " + std::string(name_of(how.law)),
                         "a rounding by name where the law's framework has no such operator");
    round = decided.round;
    if (decided.f32_product) attrs.set("f32_product", std::int64_t{1});
    if (decided.channels_last) attrs.set("channels_last", std::int64_t{1});
  }
  if (y.activation != activation::none && y.scale != 0) {
    const auto c =
        laws::activation_bounds(decided.by, y.activation, y.data.type, y.scale, y.zero_point);
    attrs.set("clamp_lo", c.lo);
    attrs.set("clamp_hi", c.hi);
  }
  const std::unique_ptr<bool[]> known(new bool[in.size()]);
  for (std::size_t i = 0; i < in.size(); ++i) known[i] = i + constants >= in.size();
  const quantized_view to = y.view();
  auto c = operator_call::make(op, in, {known.get(), in.size()}, {&to, 1}, attrs, round);
  if (!c) return c.error();
  std::vector<const void*> from;
  for (const quantized_view& v : in) from.push_back(v.data.data);
  void* outs[1] = {y.data.data};
  (*c)(from.data(), outs);
  return unit{};
}
inline status weighted_call(const op_def& op, const quantized_view& x, const quantized_view& w,
                            std::span<const std::int32_t> bias, const quantized_result& y,
                            attributes attrs, const arithmetic& how) {
  const quantized_view in[3] = {
      x,
      w,
      {{bias.data(), dtype::s32, dims{static_cast<std::int32_t>(bias.size())}}, 0, 0, {}, {}, -1}};
  return call_once(op, {in, bias.empty() ? std::size_t{2} : std::size_t{3}}, bias.empty() ? 1 : 2,
                   y, std::move(attrs), how);
}
inline status unary_call(const op_def& quantized, const op_def& plain, const quantized_view& x,
                         const quantized_result& y, attributes attrs, const arithmetic& how) {
  return call_once(is_float(x.data.type) ? plain : quantized, {&x, 1}, 0, y, std::move(attrs), how);
}
/// Operators that are a clamp: the bounds are given to those that only clamp codes.
inline status clamp_call(const op_def& quantized, const op_def& plain, activation a,
                         const quantized_view& x, const quantized_result& y,
                         const arithmetic& how) {
  quantized_result to = y;
  if (to.activation == activation::none) to.activation = a;
  return unary_call(quantized, plain, x, to, {}, how);
}
inline status binary_call(const op_def& quantized, const op_def& plain, const quantized_view& a,
                          const quantized_view& b, const quantized_result& y, attributes attrs,
                          const arithmetic& how) {
  const quantized_view in[2] = {a, b};
  return call_once(a.scale != 0 ? quantized : plain, in, 0, y, std::move(attrs), how);
}
inline attributes numbers(std::string_view key, std::span<const std::int32_t> list) {
  attributes a;
  a.set(key, std::vector<std::int64_t>(list.begin(), list.end()));
  return a;
}
inline attributes number(std::string_view key, double v) {
  attributes a;
  if (v != 0) a.set(key, v);
  return a;
}
}  // namespace detail

/// y = requantize(conv(x, w) + bias); x [N,H,W,C], w [O,KH,KW,C/groups], bias [O] or empty. y
/// int32: the accumulators.
inline status conv2d(const quantized_view& x, const quantized_view& w,
                     std::span<const std::int32_t> bias, const conv2d_attrs& a,
                     const quantized_result& y, arithmetic how = {}) {
  return detail::weighted_call(ops::conv2d, x, w, bias, y, to_attributes(a), how);
}
/// w [1,KH,KW,C * multiplier].
inline status depthwise_conv2d(const quantized_view& x, const quantized_view& w,
                               std::span<const std::int32_t> bias, const conv2d_attrs& a,
                               const quantized_result& y, arithmetic how = {}) {
  return detail::weighted_call(ops::depthwise_conv2d, x, w, bias, y, to_attributes(a), how);
}
/// w [O,KH,KW,C/groups].
inline status transpose_conv2d(const quantized_view& x, const quantized_view& w,
                               std::span<const std::int32_t> bias, const transpose_conv2d_attrs& a,
                               const quantized_result& y, arithmetic how = {}) {
  return detail::weighted_call(ops::transpose_conv2d, x, w, bias, y, to_attributes(a), how);
}
/// x flattened to [elements / K, K], w [N,K], y [batch,N].
inline status fully_connected(const quantized_view& x, const quantized_view& w,
                              std::span<const std::int32_t> bias, const fully_connected_attrs& a,
                              const quantized_result& y, arithmetic how = {}) {
  return detail::weighted_call(ops::fully_connected, x, w, bias, y, to_attributes(a), how);
}
/// [..., M, K] x [..., K, N].
inline status batch_matmul(const quantized_view& a, const quantized_view& b,
                           const batch_matmul_attrs& o, const quantized_result& y,
                           arithmetic how = {}) {
  return detail::binary_call(ops::qnn_batch_matmul, ops::batch_matmul, a, b, y, to_attributes(o),
                             how);
}

/// Elementwise with broadcasting. minimum and maximum take raw values: one quantization for all
/// three.
inline status add(const quantized_view& a, const quantized_view& b, const quantized_result& y,
                  arithmetic how = {}) {
  return detail::binary_call(ops::qnn_add, ops::add, a, b, y, {}, how);
}
inline status sub(const quantized_view& a, const quantized_view& b, const quantized_result& y,
                  arithmetic how = {}) {
  return detail::binary_call(ops::qnn_sub, ops::sub, a, b, y, {}, how);
}
inline status mul(const quantized_view& a, const quantized_view& b, const quantized_result& y,
                  arithmetic how = {}) {
  return detail::binary_call(ops::qnn_mul, ops::mul, a, b, y, {}, how);
}
inline status div(const quantized_view& a, const quantized_view& b, const quantized_result& y,
                  arithmetic how = {}) {
  return detail::binary_call(ops::qnn_div, ops::div, a, b, y, {}, how);
}
inline status squared_difference(const quantized_view& a, const quantized_view& b,
                                 const quantized_result& y, arithmetic how = {}) {
  return detail::binary_call(ops::qnn_squared_difference, ops::squared_difference, a, b, y, {},
                             how);
}
inline status minimum(const quantized_view& a, const quantized_view& b, const quantized_result& y) {
  return detail::binary_call(ops::qnn_minimum, ops::minimum, a, b, y, {}, rounding::none);
}
inline status maximum(const quantized_view& a, const quantized_view& b, const quantized_result& y) {
  return detail::binary_call(ops::qnn_maximum, ops::maximum, a, b, y, {}, rounding::none);
}

inline status requantize(const quantized_view& x, const quantized_result& y, arithmetic how = {}) {
  return detail::call_once(ops::requantize, {&x, 1}, 0, y, {}, how);
}
inline status quantize(const quantized_view& x, const quantized_result& y, arithmetic how = {}) {
  return detail::call_once(ops::quantize, {&x, 1}, 0, y, {}, how);
}
inline status dequantize(const quantized_view& x, const quantized_result& y) {
  return detail::call_once(ops::dequantize, {&x, 1}, 0, y, {}, rounding::none);
}

/// Functions of each element.
inline status relu(const quantized_view& x, const quantized_result& y, arithmetic how = {}) {
  return detail::clamp_call(ops::qnn_relu, ops::relu, activation::relu, x, y, how);
}
inline status relu6(const quantized_view& x, const quantized_result& y, arithmetic how = {}) {
  return detail::clamp_call(ops::qnn_relu6, ops::relu6, activation::relu6, x, y, how);
}
inline status leaky_relu(const quantized_view& x, double alpha, const quantized_result& y,
                         arithmetic how = {}) {
  return detail::unary_call(ops::qnn_leaky_relu, ops::leaky_relu, x, y,
                            detail::number("alpha", alpha), how);
}
inline status elu(const quantized_view& x, const quantized_result& y, arithmetic how = {}) {
  return detail::unary_call(ops::qnn_elu, ops::elu, x, y, {}, how);
}
inline status gelu(const quantized_view& x, const quantized_result& y, arithmetic how = {}) {
  return detail::unary_call(ops::qnn_gelu, ops::gelu, x, y, {}, how);
}
inline status hard_swish(const quantized_view& x, const quantized_result& y, arithmetic how = {}) {
  return detail::unary_call(ops::qnn_hard_swish, ops::hard_swish, x, y, {}, how);
}
inline status logistic(const quantized_view& x, const quantized_result& y, arithmetic how = {}) {
  return detail::unary_call(ops::qnn_logistic, ops::logistic, x, y, {}, how);
}
inline status tanh(const quantized_view& x, const quantized_result& y, arithmetic how = {}) {
  return detail::unary_call(ops::qnn_tanh, ops::tanh, x, y, {}, how);
}
/// Along an axis.
inline status softmax(const quantized_view& x, const softmax_attrs& a, const quantized_result& y,
                      arithmetic how = {}) {
  return detail::unary_call(ops::qnn_softmax, ops::softmax, x, y, to_attributes(a), how);
}
inline status log_softmax(const quantized_view& x, const softmax_attrs& a,
                          const quantized_result& y, arithmetic how = {}) {
  return detail::unary_call(ops::qnn_log_softmax, ops::log_softmax, x, y, to_attributes(a), how);
}

inline status avg_pool2d(const quantized_view& x, const pool2d_attrs& a, const quantized_result& y,
                         arithmetic how = {}) {
  return detail::unary_call(ops::qnn_avg_pool2d, ops::avg_pool2d, x, y, to_attributes(a), how);
}
inline status max_pool2d(const quantized_view& x, const pool2d_attrs& a,
                         const quantized_result& y) {
  return detail::unary_call(ops::qnn_max_pool2d, ops::max_pool2d, x, y, to_attributes(a),
                            rounding::none);
}
inline status mean(const quantized_view& x, const reduce_attrs& a, const quantized_result& y,
                   arithmetic how = {}) {
  return detail::unary_call(ops::qnn_mean, ops::mean, x, y, to_attributes(a), how);
}
inline status sum(const quantized_view& x, const reduce_attrs& a, const quantized_result& y,
                  arithmetic how = {}) {
  return detail::unary_call(ops::qnn_sum, ops::sum, x, y, to_attributes(a), how);
}
inline status resize_bilinear(const quantized_view& x, const resize_attrs& a,
                              const quantized_result& y, arithmetic how = {}) {
  return detail::unary_call(ops::qnn_resize_bilinear, ops::resize_bilinear, x, y, to_attributes(a),
                            how);
}
inline status resize_nearest(const quantized_view& x, const resize_attrs& a,
                             const quantized_result& y) {
  return detail::call_once(ops::resize_nearest, {&x, 1}, 0, y, to_attributes(a), rounding::none);
}

/// Real zeros around: two paddings per axis.
inline status pad(const quantized_view& x, std::span<const std::int32_t> paddings,
                  const quantized_result& y) {
  return detail::unary_call(ops::qnn_pad, ops::pad, x, y, detail::numbers("paddings", paddings),
                            rounding::none);
}
inline status transpose(const quantized_view& x, std::span<const std::int32_t> perm,
                        const quantized_result& y) {
  return detail::call_once(ops::transpose, {&x, 1}, 0, y, detail::numbers("perm", perm),
                           rounding::none);
}
inline status concat(std::span<const quantized_view> x, std::int32_t axis,
                     const quantized_result& y, arithmetic how = {}) {
  if (x.empty()) return invalid("inputs of concat", "none", "one or more");
  return detail::call_once(x[0].scale != 0 ? ops::qnn_concat : ops::concat, x, 0, y,
                           to_attributes(concat_attrs{axis}), how);
}
/// Index of the largest element along an axis; y int32 or int64.
inline status arg_max(const quantized_view& x, std::int32_t axis, const quantized_result& y) {
  return detail::call_once(ops::arg_max, {&x, 1}, 0, y, to_attributes(axis_attrs{axis}),
                           rounding::none);
}

OCTET_NAMESPACE_END

// ---- octet/graph/graph.hpp
// The IR: a value type that speaks the field's quantized dialect. Typed graphs and loaded files
// meet here.

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>


OCTET_NAMESPACE_BEGIN

/// Index of a tensor in a graph; `no_tensor` stands for an absent optional input.
using tensor_id = std::int32_t;
inline constexpr tensor_id no_tensor = -1;

/// Bytes that a graph refers to and keeps alive: a copy, or part of a mapped file. Aligned at least
/// to the element type.
struct constant_data {
  std::shared_ptr<const void> owner;
  std::span<const std::byte> bytes;

  static constant_data copy(std::span<const std::byte> from) {
    auto b = std::make_shared<buffer>(Bytes(std::max<std::size_t>(from.size(), 1)));
    if (!from.empty()) std::memcpy(b->data(), from.data(), from.size());
    const std::span<const std::byte> s{b->data(), from.size()};
    return {std::move(b), s};
  }
  template <class T> static constant_data of(std::span<const T> from) {
    return copy(std::as_bytes(from));
  }
};

/// How the source framework laid a tensor out in memory; some frameworks' roundings depend on it.
/// The IR itself is NHWC.
enum class memory_format : std::uint8_t { unspecified, contiguous, channels_last };
constexpr std::string_view name_of(memory_format f) noexcept {
  switch (f) {
    case memory_format::unspecified: return "unspecified";
    case memory_format::contiguous: return "contiguous";
    case memory_format::channels_last: return "channels_last";
  }
  return no_enumerator;
}

struct tensor {
  enum class kind : std::uint8_t { value, constant, state };
  std::string name;
  dtype type = dtype::f32;
  dims shape;
  std::vector<double> scales;  // as tensor_desc
  std::vector<std::int32_t> zero_points;
  std::int32_t axis = -1;
  kind role = kind::value;
  constant_data data;  // constants; initial contents of states (empty: zero, which for quantized
                       // states is the zero point)
  memory_format format = memory_format::unspecified;

  tensor_desc desc() const { return {type, shape, scales, zero_points, axis}; }
};

constexpr std::string_view name_of(tensor::kind k) noexcept {
  switch (k) {
    case tensor::kind::value: return "value";
    case tensor::kind::constant: return "constant";
    case tensor::kind::state: return "state";
  }
  return no_enumerator;
}

struct node {
  const op_def* op = nullptr;
  std::string name;  // as the file names it: "CONV_2D #12"; errors and the profile show it
  attributes attrs;
  rounding round = rounding::none;
  std::vector<tensor_id> in, out;
};

struct graph {
  std::string name;  // usually the file name
  law arithmetic = law::tflite_ref;
  // Deques: adding a tensor or a node leaves references to the others valid, as builders that emit
  // several in a row expect.
  std::deque<tensor> tensors;
  std::deque<node> nodes;                  // in execution order
  std::vector<tensor_id> inputs, outputs;  // in the model's own order

  tensor& operator[](tensor_id t) { return tensors[static_cast<std::size_t>(t)]; }
  const tensor& operator[](tensor_id t) const { return tensors[static_cast<std::size_t>(t)]; }

  tensor_id add(tensor t) {
    tensors.push_back(std::move(t));
    return static_cast<tensor_id>(tensors.size()) - 1;
  }
  tensor_id add_constant(std::string tensor_name, dtype type, dims shape, constant_data d) {
    tensor t;
    t.name = std::move(tensor_name);
    t.type = type;
    t.shape = shape;
    t.role = tensor::kind::constant;
    t.data = std::move(d);
    return add(std::move(t));
  }
  node& add_node(const op_def& op, std::string node_name, std::vector<tensor_id> in,
                 std::vector<tensor_id> out, attributes attrs = {},
                 rounding round = rounding::none) {
    nodes.push_back(
        {&op, std::move(node_name), std::move(attrs), round, std::move(in), std::move(out)});
    return nodes.back();
  }
};

/// What rules and prepare functions see of one node of a graph. Keeps the descriptions alive; do
/// not outlive the graph.
class node_inputs {
 public:
  node_inputs(const graph& g, const node& n) : node_(&n), attrs_(n.attrs) {
    for (tensor_id t : n.in) {
      const bool given = t != no_tensor;
      given_.push_back(given);
      in_.push_back(given ? g[t].desc() : tensor_desc{});
      constant_.push_back(given && g[t].role == tensor::kind::constant
                              ? g[t].data.bytes
                              : std::span<const std::byte>());
    }
    for (tensor_id t : n.out) out_.push_back(g[t].desc());
    flags_ = std::make_unique<bool[]>(given_.size() + 1);
    for (std::size_t i = 0; i < given_.size(); ++i) flags_[i] = given_[i];
  }
  node_view view() const {
    return {in_, out_, constant_, {flags_.get(), given_.size()}, &attrs_, node_->round};
  }

 private:
  const node* node_;
  attribute_view attrs_;
  std::vector<tensor_desc> in_, out_;
  std::vector<std::span<const std::byte>> constant_;
  std::vector<bool> given_;
  std::unique_ptr<bool[]> flags_;
};

/// Fills in the shapes of a node's outputs by its operator's rule. Importers whose files carry no
/// shapes call it after add_node.
inline status infer_shapes(graph& g, const node& n) {
  if (!n.op->shape) return unit{};
  const node_inputs in(g, n);
  std::vector<dims> shapes(n.out.size());
  if (auto s = n.op->shape(in.view(), shapes); !s) {
    auto e = s.error();
    e.node = std::string(n.op->name) + " " + n.name;
    return e;
  }
  for (std::size_t i = 0; i < n.out.size(); ++i)
    if (n.out[i] != no_tensor) g[n.out[i]].shape = shapes[i];
  return unit{};
}

OCTET_NAMESPACE_END

// ---- octet/graph/fold.hpp
// Constant folding: a node whose inputs are all known is run once, by its reference, when the graph
// is built.


OCTET_NAMESPACE_BEGIN

/// Shapes must be inferred. True and the node's outputs become constants if every input is a
/// constant; the caller then drops the node.
inline result<bool> fold_constant(graph& g, const node& n) {
  for (tensor_id t : n.in)
    if (t != no_tensor && g[t].role != tensor::kind::constant) return false;
  const node_inputs in(g, n);
  plan_memory memory;
  step st;
  if (auto s = detail::prepare_step(*n.op, in.view(), target::reference, &detail::no_kernel, 1,
                                    memory, st);
      !s)
    return s.error();
  std::vector<const void*> from;
  std::vector<void*> to;
  std::vector<std::shared_ptr<buffer>> out;
  for (tensor_id t : n.in) from.push_back(t == no_tensor ? nullptr : g[t].data.bytes.data());
  for (tensor_id t : n.out) {
    const std::size_t bytes = bytes_of(g[t].shape.elements(), g[t].type).value;
    if (g[t].shape.elements().value > max_elements)
      return error_info{errc::too_large,
                        "constant",
                        {},
                        {},
                        g[t].name,
                        to_string(g[t].shape),
                        "at most 2^31 - 1 elements"};
    out.push_back(std::make_shared<buffer>(Bytes(std::max<std::size_t>(bytes, 1))));
    to.push_back(out.back()->data());
  }
  buffer scratch{Bytes(st.scratch)};
  st.run({st.params, {from.data(), from.size()}, {to.data(), to.size()}, scratch.data(), 0, 1});
  for (std::size_t i = 0; i < n.out.size(); ++i) {
    tensor& t = g[n.out[i]];
    t.role = tensor::kind::constant;
    const std::span<const std::byte> bytes{out[i]->data(),
                                           bytes_of(t.shape.elements(), t.type).value};
    t.data = {std::move(out[i]), bytes};
  }
  return true;
}

OCTET_NAMESPACE_END

// ---- octet/graph/passes.hpp
// Rewrites of the IR. Each keeps every output bit.


OCTET_NAMESPACE_BEGIN
namespace passes {

/// Number of readers of every tensor; graph outputs count as one more.
inline std::vector<int> use_counts(const graph& g) {
  std::vector<int> uses(g.tensors.size(), 0);
  for (const node& n : g.nodes)
    for (tensor_id t : n.in)
      if (t != no_tensor) ++uses[static_cast<std::size_t>(t)];
  for (tensor_id t : g.outputs) ++uses[static_cast<std::size_t>(t)];
  return uses;
}

/// An operator that accumulates, with int32 or int64 output, + qnn.requantize = one
/// node. Exact: the fused node computes the same accumulator and applies the same formula to it.
inline void fuse_requantize(graph& g) {
  auto uses = use_counts(g);
  std::vector<std::int32_t> producer(g.tensors.size(), -1);
  for (std::size_t i = 0; i < g.nodes.size(); ++i)
    for (tensor_id t : g.nodes[i].out)
      producer[static_cast<std::size_t>(t)] = static_cast<std::int32_t>(i);
  std::vector<char> dead(g.nodes.size(), 0);
  for (std::size_t i = 0; i < g.nodes.size(); ++i) {
    node& r = g.nodes[i];
    if (r.op->name != "qnn.requantize") continue;
    const tensor_id acc = r.in[0];
    const std::int32_t by = producer[static_cast<std::size_t>(acc)];
    if (by < 0 || uses[static_cast<std::size_t>(acc)] != 1) continue;
    node& n = g.nodes[static_cast<std::size_t>(by)];
    if (!n.op->accumulates || n.round != rounding::none || n.out.size() != 1 ||
        (g[acc].type != dtype::s32 && g[acc].type != dtype::s64))
      continue;
    node fused = n;
    if (r.in.size() > 1 && r.in[1] != no_tensor) {  // float bias of FB moves to the producer
      if (n.in.size() > 2 && n.in[2] != no_tensor) continue;
      fused.in.resize(3, no_tensor);
      fused.in[2] = r.in[1];
    }
    fused.out[0] = r.out[0];
    fused.round = r.round;
    if (const node_inputs view(g, fused); !takes(*n.op, view.view())) continue;
    for (const auto& [key, value] : r.attrs.entries()) fused.attrs.set(key, value);
    n = std::move(fused);
    dead[i] = 1;
  }
  std::deque<node> kept;
  for (std::size_t i = 0; i < g.nodes.size(); ++i)
    if (!dead[i]) kept.push_back(std::move(g.nodes[i]));
  g.nodes = std::move(kept);
}

/// A pad of height and width only, filled with the zero point and read by one convolution alone,
/// becomes the convolution's own padding.
inline void fuse_pad(graph& g) {
  auto uses = use_counts(g);
  std::vector<std::int32_t> producer(g.tensors.size(), -1);
  for (std::size_t i = 0; i < g.nodes.size(); ++i)
    for (tensor_id t : g.nodes[i].out)
      producer[static_cast<std::size_t>(t)] = static_cast<std::int32_t>(i);
  std::vector<char> dead(g.nodes.size(), 0);
  for (node& n : g.nodes) {
    if (n.op->name != "qnn.conv2d" && n.op->name != "qnn.depthwise_conv2d") continue;
    const tensor_id x = n.in[0];
    const std::int32_t by = producer[static_cast<std::size_t>(x)];
    if (by < 0 || uses[static_cast<std::size_t>(x)] != 1) continue;
    const node& p = g.nodes[static_cast<std::size_t>(by)];
    if (p.op->name != "qnn.pad" || dead[static_cast<std::size_t>(by)]) continue;
    const auto pad = p.attrs.integers("paddings");  // before, after per axis
    const tensor& from = g[p.in[0]];
    if (pad.size() != 8 || pad[0] || pad[1] || pad[6] || pad[7] || from.scales != g[x].scales ||
        from.zero_points != g[x].zero_points)
      continue;
    if (p.attrs.integer("value", from.zero_points.empty() ? 0 : from.zero_points[0]) !=
        (from.zero_points.empty() ? 0 : from.zero_points[0]))
      continue;
    bool negative = false;
    for (std::int64_t v : pad) negative |= v < 0;
    if (negative) continue;
    const char* keys[] = {"pad_top", "pad_bottom", "pad_left", "pad_right"};
    for (std::size_t k = 0; k < 4; ++k) n.attrs.set(keys[k], n.attrs.integer(keys[k]) + pad[2 + k]);
    n.in[0] = p.in[0];
    dead[static_cast<std::size_t>(by)] = 1;
  }
  std::deque<node> kept;
  for (std::size_t i = 0; i < g.nodes.size(); ++i)
    if (!dead[i]) kept.push_back(std::move(g.nodes[i]));
  g.nodes = std::move(kept);
}

/// Removes nodes whose outputs nobody reads (nodes that write a state stay).
inline void remove_dead(graph& g) {
  auto uses = use_counts(g);
  std::deque<node> kept;
  for (std::size_t i = g.nodes.size(); i-- > 0;) {
    node& n = g.nodes[i];
    bool needed = false;
    for (tensor_id t : n.out)
      needed |= uses[static_cast<std::size_t>(t)] > 0 || g[t].role == tensor::kind::state;
    if (needed) {
      kept.push_back(std::move(n));
    } else {
      for (tensor_id t : n.in)
        if (t != no_tensor) --uses[static_cast<std::size_t>(t)];
    }
  }
  g.nodes.assign(std::make_move_iterator(kept.rbegin()), std::make_move_iterator(kept.rend()));
}

/// All of them, in order. `keep_tensors`: only those that remove no tensor the source framework
/// would show.
inline void optimize(graph& g, bool keep_tensors = false) {
  fuse_requantize(g);
  if (!keep_tensors) {
    fuse_pad(g);
    remove_dead(g);
  }
}

}  // namespace passes
OCTET_NAMESPACE_END

// ---- octet/graph/print.hpp
// The IR as text: one line per node with shape, dtype, scale, zero point and rounding of
// everything.

#include <charconv>
#include <string>


OCTET_NAMESPACE_BEGIN

namespace detail {
/// Shortest text that reads back as the same number; binary32 values print as such.
inline std::string number(double v) {
  char b[40];
  const auto f = static_cast<float>(v);
  const auto r = static_cast<double>(f) == v ? std::to_chars(b, b + sizeof b, f)
                                             : std::to_chars(b, b + sizeof b, v);
  return std::string(b, r.ptr);
}
inline std::string text(const attributes::value& v) {
  struct {
    std::string operator()(std::int64_t i) const { return std::to_string(i); }
    std::string operator()(double d) const { return number(d); }
    std::string operator()(const std::string& s) const { return '"' + one_line(s) + '"'; }
    std::string operator()(const std::vector<std::int64_t>& l) const {
      std::string s = "[";
      for (std::size_t i = 0; i < l.size(); ++i) s += (i ? "," : "") + std::to_string(l[i]);
      return s + "]";
    }
    std::string operator()(const std::vector<double>& l) const {
      std::string s = "[";
      for (std::size_t i = 0; i < l.size(); ++i) s += (i ? "," : "") + number(l[i]);
      return s + "]";
    }
  } const visitor;
  return std::visit(visitor, v);
}
}  // namespace detail

/// "uint8[1,8,8,16] scale 0.02 zero 0", or "int8[16,3,3,1] scales[16] axis 0".
inline std::string type_text(const tensor& t) {
  std::string s = std::string(name_of(t.type)) + to_string(t.shape);
  if (t.scales.size() == 1)
    s += " scale " + detail::number(t.scales[0]) + " zero " +
         std::to_string(t.zero_points.empty() ? 0 : t.zero_points[0]);
  if (t.scales.size() > 1) {
    s += " scales[" + std::to_string(t.scales.size()) + "] axis " + std::to_string(t.axis);
    for (std::int32_t z : t.zero_points)
      if (z != 0) {
        s += t.zero_points.size() == 1 ? " zero " + std::to_string(z)
                                       : " zeros[" + std::to_string(t.zero_points.size()) + "]";
        break;
      }
  }
  return s;
}

/// One node: "%2: uint8[1,8,8,16] scale 0.02 zero 0 = qnn.requantize(%1), rounding DR, clamp_lo 0".
inline std::string node_text(const graph& g, const node& n) {
  std::string s;
  for (std::size_t i = 0; i < n.out.size(); ++i)
    s += (i ? ", " : "") + ("%" + std::to_string(n.out[i])) + ": " + type_text(g[n.out[i]]);
  s += " = " + std::string(n.op->name) + "(";
  for (std::size_t i = 0; i < n.in.size(); ++i) {
    if (i) s += ", ";
    if (n.in[i] == no_tensor)
      s += "none";
    else if (g[n.in[i]].role == tensor::kind::constant)
      s += "const " + type_text(g[n.in[i]]);
    else if (g[n.in[i]].role == tensor::kind::state)
      s += "state %" + std::to_string(n.in[i]);
    else
      s += "%" + std::to_string(n.in[i]);
  }
  s += ")";
  if (n.round != rounding::none) s += ", rounding " + std::string(name_of(n.round));
  for (const auto& [key, value] : n.attrs.entries())
    s += ", " + detail::one_line(key) + " " + detail::text(value);
  return s;
}

/// The whole graph. Numbering is the graph's tensor order and does not depend on the machine.
inline std::string to_string(const graph& g) {
  std::string s =
      "# " + detail::one_line(g.name) + ", law " + std::string(name_of(g.arithmetic)) + "\n";
  for (tensor_id t : g.inputs)
    s += "%" + std::to_string(t) + ": " + type_text(g[t]) + " = input \"" +
         detail::one_line(g[t].name) + "\"\n";
  for (std::size_t t = 0; t < g.tensors.size(); ++t)
    if (g.tensors[t].role == tensor::kind::state)
      s += "%" + std::to_string(t) + ": " + type_text(g.tensors[t]) + " = state \"" +
           detail::one_line(g.tensors[t].name) + "\"\n";
  for (const node& n : g.nodes) s += node_text(g, n) + "\n";
  for (tensor_id t : g.outputs)
    s += "output \"" + detail::one_line(g[t].name) + "\" = %" + std::to_string(t) + "\n";
  return s;
}
template <class Stream> auto operator<<(Stream& o, const graph& g) -> decltype(o << std::string()) {
  return o << to_string(g);
}

OCTET_NAMESPACE_END

// ---- octet/graph/verify.hpp
// Checks that a graph keeps every rule before anything is planned from it.


OCTET_NAMESPACE_BEGIN

/// Limits a caller can set for graphs from untrusted files.
struct limits {
  std::size_t tensor_bytes = std::size_t{1} << 31;  // one tensor
  std::size_t total_bytes = std::size_t{1} << 33;   // all constants, or all activations
  std::size_t nodes = 1 << 20;
};

namespace detail {
inline error_info at(error_info e, const graph& g, const node* n, tensor_id t) {
  if (e.file.empty()) e.file = g.name;
  if (n && e.node.empty())
    e.node = std::string(n->op->name) + (n->name.empty() ? "" : " " + n->name);
  if (t != no_tensor && e.tensor.empty()) e.tensor = g[t].name;
  return e;
}
inline status verify_tensor(const tensor& t, const limits& l) {
  for (std::int32_t v : t.shape)
    if (v < 0) return invalid("negative extent", to_string(t.shape));
  // An extent of 0 must not hide others whose product overflows an operator's arithmetic.
  dims extents = t.shape;
  for (std::int32_t i = 0; i < extents.rank; ++i) extents[i] = extents[i] > 1 ? extents[i] : 1;
  if (extents.elements().value > max_elements)
    return error_info{errc::too_large,
                      "tensor",
                      {},
                      {},
                      {},
                      to_string(t.shape),
                      "at most 2^31 - 1 elements, an extent of 0 counted as 1"};
  const std::size_t bytes = bytes_of(t.shape.elements(), t.type).value;
  if (bytes > l.tensor_bytes)
    return error_info{errc::too_large,
                      "tensor",
                      {},
                      {},
                      {},
                      std::to_string(bytes) + " bytes",
                      std::to_string(l.tensor_bytes) + " bytes"};
  for (double s : t.scales)
    if (!(s > 0) || s > 1e300)
      return invalid("scale", std::to_string(s), "a positive finite number");
  if (t.scales.size() > 1) {
    if (t.axis < 0 || t.axis >= t.shape.rank)
      return invalid("quantization axis", std::to_string(t.axis),
                     "0 to " + std::to_string(t.shape.rank - 1));
    if (t.scales.size() != static_cast<std::size_t>(t.shape[t.axis]))
      return invalid("number of scales", std::to_string(t.scales.size()),
                     std::to_string(t.shape[t.axis]));
  }
  if (t.zero_points.size() > 1 && t.zero_points.size() != t.scales.size())
    return invalid("number of zero points", std::to_string(t.zero_points.size()),
                   std::to_string(t.scales.size()));
  if (!is_float(t.type))
    for (std::int32_t z : t.zero_points)
      if (z < lowest_of(t.type) || z > highest_of(t.type))
        return invalid("zero point", std::to_string(z),
                       "a value of " + std::string(name_of(t.type)));
  if (t.role == tensor::kind::constant && t.data.bytes.size() != bytes)
    return invalid("constant size", std::to_string(t.data.bytes.size()) + " bytes",
                   std::to_string(bytes) + " bytes for " + to_string(t.shape));
  return unit{};
}
}  // namespace detail

/// Tensors are well formed, every value is written once and before it is read, arities and shapes
/// follow the operators' rules.
inline status verify(const graph& g, const limits& l = {}) {
  using detail::at;
  if (g.nodes.size() > l.nodes)
    return error_info{
        errc::too_large,        "number of nodes", g.name, {}, {}, std::to_string(g.nodes.size()),
        std::to_string(l.nodes)};
  std::vector<char> written(g.tensors.size(), 0);
  const auto count = static_cast<tensor_id>(g.tensors.size());
  std::size_t constants = 0, activations = 0;
  for (tensor_id t = 0; t < count; ++t) {
    if (auto s = detail::verify_tensor(g[t], l); !s) return at(s.error(), g, nullptr, t);
    auto& sum = g[t].role == tensor::kind::constant ? constants : activations;
    sum = saturating_add(sum, bytes_of(g[t].shape.elements(), g[t].type).value);
    if (sum > l.total_bytes)
      return error_info{errc::too_large,
                        "all tensors together",
                        g.name,
                        {},
                        {},
                        {},
                        std::to_string(l.total_bytes) + " bytes"};
    if (g[t].role != tensor::kind::value) written[static_cast<std::size_t>(t)] = 1;
  }
  for (tensor_id t : g.inputs) {
    if (t < 0 || t >= count)
      return at(invalid("graph input index", std::to_string(t)), g, nullptr, no_tensor);
    written[static_cast<std::size_t>(t)] = 1;
  }
  for (const node& n : g.nodes) {
    const auto inputs = static_cast<std::int32_t>(n.in.size());
    if (inputs < n.op->min_inputs || (n.op->max_inputs >= 0 && inputs > n.op->max_inputs))
      return at(
          invalid("number of inputs", std::to_string(inputs),
                  std::to_string(n.op->min_inputs) + " to " + std::to_string(n.op->max_inputs)),
          g, &n, no_tensor);
    if (n.op->outputs >= 0 && static_cast<std::int32_t>(n.out.size()) != n.op->outputs)
      return at(
          invalid("number of outputs", std::to_string(n.out.size()), std::to_string(n.op->outputs)),
          g, &n, no_tensor);
    for (std::size_t i = 0; i < n.in.size(); ++i) {
      const tensor_id t = n.in[i];
      if (t == no_tensor && static_cast<std::int32_t>(i) >= n.op->min_inputs) continue;
      if (t < 0 || t >= count)
        return at(invalid("input index", std::to_string(t)), g, &n, no_tensor);
      if (!written[static_cast<std::size_t>(t)])
        return at(invalid("input is read before anything writes it"), g, &n, t);
    }
    for (tensor_id t : n.out) {
      if (t < 0 || t >= count)
        return at(invalid("output index", std::to_string(t)), g, &n, no_tensor);
      if (g[t].role == tensor::kind::constant ||
          (written[static_cast<std::size_t>(t)] && g[t].role != tensor::kind::state))
        return at(invalid("output is written twice"), g, &n, t);
      written[static_cast<std::size_t>(t)] = 1;
    }
    if (n.op->shape) {
      const node_inputs in(g, n);
      std::vector<dims> shapes(n.out.size());
      if (auto s = n.op->shape(in.view(), shapes); !s)
        return at(s.error(), g, &n, n.out.empty() ? no_tensor : n.out[0]);
      for (std::size_t i = 0; i < n.out.size(); ++i)
        if (!(shapes[i] == g[n.out[i]].shape))
          return at(invalid("output shape", to_string(g[n.out[i]].shape), to_string(shapes[i])), g,
                    &n, n.out[i]);
    }
  }
  for (tensor_id t : g.outputs)
    if (t < 0 || t >= count || !written[static_cast<std::size_t>(t)])
      return at(invalid("graph output is never written", std::to_string(t)), g, nullptr, no_tensor);
  return unit{};
}

OCTET_NAMESPACE_END

// ---- octet/import/common/error.hpp
// What loaders say of files they refuse: kinds of errors, the place they belong to, and the list of
// operators that octet has no form of.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>


OCTET_NAMESPACE_BEGIN
namespace import {

/// The bytes are not a valid file of their format. See also unsupported() and invalid().
inline error_info malformed(std::string what, std::string found = {}, std::string supported = {}) {
  return {errc::malformed, std::move(what), {}, {}, {}, std::move(found), std::move(supported)};
}
/// Over a limit of octet or of the caller's options.
inline error_info too_large(std::string what, std::string found = {}, std::string supported = {}) {
  return {errc::too_large, std::move(what), {}, {}, {}, std::move(found), std::move(supported)};
}

/// Where in a file a loader is. Readers and rows return errors that say what is wrong; where it is
/// wrong is attached here, once, on the way out.
struct error_place {
  std::string file{}, node{}, tensor{};

  /// `e` with the parts of the place that it does not name itself.
  error_info attach(error_info e) const {
    if (e.file.empty()) e.file = file;
    if (e.node.empty()) e.node = node;
    if (e.tensor.empty()) e.tensor = tensor;
    return e;
  }
};

/// Operators of a file that octet has no form of: collected, so that one error names them all.
class missing_operators {
 public:
  /// `where`: the first place that uses it; later ones are not kept.
  void add(const std::string& name, std::string where) {
    const bool known = std::any_of(list_.begin(), list_.end(),
                                   [&](const auto& entry) { return entry.first == name; });
    if (!known) list_.emplace_back(name, std::move(where));
  }
  bool empty() const noexcept { return list_.empty(); }
  /// Success where none is missing.
  status check() const {
    if (empty()) return unit{};
    std::string text;
    for (const auto& [name, where] : list_)
      text += (text.empty() ? "" : ", ") + name + " (" + where + ")";
    return unsupported(list_.size() == 1 ? "operator" : "operators", text, "see docs/operators.md");
  }

 private:
  std::vector<std::pair<std::string, std::string>> list_;
};

}  // namespace import
OCTET_NAMESPACE_END

// ---- octet/import/common/file.hpp
// Whole files in memory, for the loaders.

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/stat.h>
#endif


OCTET_NAMESPACE_BEGIN
namespace import {

/// Bytes of a file, 64-byte aligned, shared by everything that points into them.
struct file_bytes {
  std::string name;
  std::shared_ptr<const void> owner;
  std::span<const std::byte> bytes;
};

/// Copies bytes the caller has in memory.
inline file_bytes from_memory(std::string name, std::span<const std::byte> bytes) {
  auto b = std::make_shared<buffer>(Bytes(bytes.size()));
  if (!bytes.empty()) std::memcpy(b->data(), bytes.data(), bytes.size());
  const auto s = b->span();
  return {std::move(name), std::move(b), s};
}

/// Reads a whole regular file of at most max_bytes.
inline result<file_bytes> read_file(const std::string& path,
                                    std::size_t max_bytes = std::size_t{1} << 32) {
  auto fail = [&](errc c, std::string what, std::string found = {}, std::string supported = {}) {
    return error_info{c, std::move(what), path, {}, {}, std::move(found), std::move(supported)};
  };
#if defined(__unix__) || defined(__APPLE__)
  // Before it is opened: that waits for a FIFO's other end.
  struct stat st {};
  if (::stat(path.c_str(), &st) == 0 && !S_ISREG(st.st_mode))
    return fail(errc::io, "not a regular file");
#endif
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> f(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!f) return fail(errc::io, std::strerror(errno));
  if (std::fseek(f.get(), 0, SEEK_END) != 0) return fail(errc::io, "not a regular file");
  const long size = std::ftell(f.get());
  if (size < 0 || size == 0x7fffffffffffffffL) return fail(errc::io, "not a regular file");
  if (static_cast<std::size_t>(size) > max_bytes)
    return fail(errc::too_large, "file", std::to_string(size) + " bytes",
                std::to_string(max_bytes) + " bytes");
  std::rewind(f.get());
  auto b = std::make_shared<buffer>(Bytes(static_cast<std::size_t>(size)));
  if (size != 0 && std::fread(b->data(), 1, static_cast<std::size_t>(size), f.get()) !=
                       static_cast<std::size_t>(size))
    return fail(errc::io, std::ferror(f.get()) ? std::strerror(errno) : "the file ended early");
  if (std::fgetc(f.get()) != EOF) return fail(errc::io, "the file grows while it is read");
  const auto s = b->span();
  return file_bytes{path, std::move(b), s};
}

}  // namespace import
OCTET_NAMESPACE_END

// ---- octet/import/octet_file.hpp
// The .octet format: octet's own, what `octet convert` writes. Versioned, checksummed, constants
// 64-byte aligned and used where they lie in the mapped file.
//
// All numbers little-endian. Header, 64 bytes: magic "OCTET\r\n\x1A", u32 version, u32 CRC-32 of
// everything after the header, u64 size of the file, u64 size of the description, zeros. Then the
// description (graph, tensors, nodes, in that order, as write_octet() below lists them), then the
// constants.

#include <bit>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif


OCTET_NAMESPACE_BEGIN
namespace import {

struct octet_options {
  std::span<const op_def* const> operators{};    // more operators, found by name
  std::size_t max_bytes = std::size_t{1} << 32;  // of the file
  limits max;
};

namespace detail {

inline constexpr unsigned char octet_magic[8] = {'O', 'C', 'T', 'E', 'T', '\r', '\n', 0x1A};
inline constexpr std::uint32_t octet_version = 1;
inline constexpr std::size_t octet_header = 64;
static_assert(std::endian::native == std::endian::little,
              "octet: .octet files are read in place, on little-endian machines");

// The numbers that stand in the files for octet's enumerators: they have a meaning as long as there
// are files, whatever becomes of the enumerators. A new one takes the next free number; the number
// of one that is gone joins the list of its static_assert and is never given to another.
constexpr std::uint8_t octet_number(dtype e) noexcept {
  switch (e) {
    case dtype::f32: return 0;
    case dtype::f64: return 1;
    case dtype::s8: return 2;
    case dtype::u8: return 3;
    case dtype::s16: return 4;
    case dtype::u16: return 5;
    case dtype::s32: return 6;
    case dtype::u32: return 7;
    case dtype::s64: return 8;
    case dtype::u64: return 9;
    case dtype::boolean: return 10;
    case dtype::f16: return 11;
  }
  return 255;
}
constexpr std::uint8_t octet_number(law e) noexcept {
  switch (e) {
    case law::tflite_ref: return 0;
    case law::tflite_xnnpack: return 1;
    case law::pytorch_fbgemm: return 2;
    case law::pytorch_qnnpack: return 3;
    case law::mxnet: return 5;
  }
  return 255;
}
constexpr std::uint8_t octet_number(rounding e) noexcept {
  switch (e) {
    case rounding::none: return 0;
    case rounding::doubling_high_half_away: return 1;
    case rounding::doubling_high_half_up: return 2;
    case rounding::wide_half_up: return 4;
    case rounding::double_half_away: return 5;
    case rounding::float_half_even: return 6;
    case rounding::float_bias_half_even: return 7;
    case rounding::float_zero_point_half_even: return 8;
    case rounding::eight_bit_ratio_half_up: return 9;
    case rounding::divide_half_away: return 12;
    case rounding::divide_half_even: return 13;
    case rounding::reciprocal_half_even: return 14;
    case rounding::xnnpack: return 15;
    case rounding::qnnpack: return 16;
    case rounding::fused_multiply_add: return 17;
    case rounding::tflite_optimized: return 18;
    case rounding::aten: return 20;
    case rounding::divide_truncate: return 22;
    case rounding::mxnet: return 23;
  }
  return 255;
}
constexpr std::uint8_t octet_number(tensor::kind e) noexcept {
  switch (e) {
    case tensor::kind::value: return 0;
    case tensor::kind::constant: return 1;
    case tensor::kind::state: return 2;
  }
  return 255;
}
constexpr std::uint8_t octet_number(memory_format e) noexcept {
  switch (e) {
    case memory_format::unspecified: return 0;
    case memory_format::contiguous: return 1;
    case memory_format::channels_last: return 2;
  }
  return 255;
}
/// An attribute's kind; `none` is not stored.
constexpr std::uint8_t octet_number(attribute_value::kind e) noexcept {
  switch (e) {
    case attribute_value::kind::integer: return 0;
    case attribute_value::kind::real: return 1;
    case attribute_value::kind::text: return 2;
    case attribute_value::kind::integers: return 3;
    case attribute_value::kind::reals: return 4;
    case attribute_value::kind::none: break;
  }
  return 255;
}

/// Every enumerator has a number, no two the same and none of those given up.
template <class E> constexpr bool numbers_hold(std::initializer_list<int> given_up = {}) {
  for (const E e : enumerators<E>) {
    if (octet_number(e) == 255) return false;
    for (const int old : given_up)
      if (octet_number(e) == old) return false;
    for (const E other : enumerators<E>)
      if (e != other && octet_number(e) == octet_number(other)) return false;
  }
  return true;
}
static_assert(numbers_hold<dtype>());
static_assert(numbers_hold<law>({4}));
static_assert(numbers_hold<rounding>({3, 10, 11, 19, 21}));
static_assert(numbers_hold<tensor::kind>());
static_assert(numbers_hold<memory_format>());

struct crc32_table {
  std::uint32_t t[256]{};
  constexpr crc32_table() {
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int k = 0; k < 8; ++k) c = (c & 1) != 0 ? 0xEDB88320u ^ c >> 1 : c >> 1;
      t[i] = c;
    }
  }
};
inline std::uint32_t crc32(std::span<const std::byte> bytes) {
  static constexpr crc32_table table;
  std::uint32_t c = 0xFFFFFFFFu;
  for (std::byte b : bytes) c = table.t[(c ^ static_cast<std::uint32_t>(b)) & 255u] ^ c >> 8;
  return ~c;
}

class octet_writer {
 public:
  std::string bytes;
  template <class T> void number(T v) { bytes.append(reinterpret_cast<const char*>(&v), sizeof v); }
  template <class E> void choice(E e) { number(octet_number(e)); }
  void count(std::size_t n) { number(static_cast<std::uint32_t>(n)); }
  void text(std::string_view s) {
    count(s.size());
    bytes.append(s);
  }
  template <class T> void list(const std::vector<T>& v) {
    count(v.size());
    for (const T& e : v) number(e);
  }
  void attribute(std::int64_t v) { choice(attribute_value::kind::integer), number(v); }
  void attribute(double v) { choice(attribute_value::kind::real), number(v); }
  void attribute(const std::string& v) { choice(attribute_value::kind::text), text(v); }
  void attribute(const std::vector<std::int64_t>& v) {
    choice(attribute_value::kind::integers), list(v);
  }
  void attribute(const std::vector<double>& v) { choice(attribute_value::kind::reals), list(v); }
};
/// Reads with every access checked; after the first bad one everything is zero and `bad()`.
class octet_reader {
 public:
  explicit octet_reader(std::span<const std::byte> s) : rest_(s) {}
  template <class T> T number() {
    T v{};
    if (rest_.size() < sizeof v) {
      bad_ = true;
      return v;
    }
    std::memcpy(&v, rest_.data(), sizeof v);
    rest_ = rest_.subspan(sizeof v);
    return v;
  }
  /// A number of items of at least `each` bytes: no more than the rest can hold.
  std::size_t count(std::size_t each) {
    const std::size_t n = number<std::uint32_t>();
    if (n > rest_.size() / each) {
      bad_ = true;
      return 0;
    }
    return n;
  }
  std::string text() {
    const std::size_t n = count(1);
    std::string s(reinterpret_cast<const char*>(rest_.data()), n);
    rest_ = rest_.subspan(n);
    return s;
  }
  template <class T> std::vector<T> list() {
    std::vector<T> v(count(sizeof(T)));
    for (T& e : v) e = number<T>();
    return v;
  }
  template <class E> E choice() {
    const auto v = number<std::uint8_t>();
    for (const E e : enumerators<E>)
      if (octet_number(e) == v) return e;
    bad_ = true;
    unknown_ = v;
    return {};
  }
  /// The first number of a choice() that stands for nothing in this version of octet.
  std::optional<std::uint8_t> unknown() const { return unknown_; }
  attributes::value attribute() {
    using kind = attribute_value::kind;
    switch (choice<kind>()) {
      case kind::integer: return number<std::int64_t>();
      case kind::real: return number<double>();
      case kind::text: return text();
      case kind::integers: return list<std::int64_t>();
      case kind::reals: return list<double>();
      case kind::none: break;
    }
    bad_ = true;
    return {};
  }
  bool bad() const { return bad_; }
  bool done() const { return rest_.empty(); }

 private:
  std::span<const std::byte> rest_;
  bool bad_ = false;
  std::optional<std::uint8_t> unknown_;
};

/// The file's bytes: mapped where the system can, else read.
inline result<file_bytes> map_file(const std::string& path, std::size_t max_bytes) {
#if defined(__unix__) || defined(__APPLE__)
  const error_place place{.file = path};
  const auto system_error = [&] {
    return place.attach({errc::io, std::strerror(errno), {}, {}, {}, {}, {}});
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return system_error();
  struct close_at_end {
    int fd;
    ~close_at_end() { ::close(fd); }
  } const closes{fd};
  struct stat st {};
  if (::fstat(fd, &st) != 0) return system_error();
  if (!S_ISREG(st.st_mode))
    return place.attach({errc::io, "not a regular file", {}, {}, {}, {}, {}});
  const auto size = static_cast<std::size_t>(st.st_size);
  if (size == 0) return place.attach(malformed("not an .octet file", "an empty file"));
  if (size > max_bytes)
    return place.attach(
        too_large("file", std::to_string(size) + " bytes", std::to_string(max_bytes) + " bytes"));
  void* p = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (p == MAP_FAILED) return system_error();
  file_bytes f;
  f.name = path;
  f.owner = std::shared_ptr<const void>(
      p, [size](const void* q) { ::munmap(const_cast<void*>(q), size); });
  f.bytes = {static_cast<const std::byte*>(p), size};
  return f;
#else
  return read_file(path, max_bytes);
#endif
}

/// What the header says, checked against the file.
struct octet_layout {
  std::span<const std::byte> description, constants;
};
inline result<octet_layout> read_octet_header(std::span<const std::byte> file) {
  if (file.size() < octet_header || std::memcmp(file.data(), octet_magic, sizeof octet_magic) != 0)
    return malformed("not an .octet file");
  octet_reader head(file.subspan(sizeof octet_magic, octet_header - sizeof octet_magic));
  const auto version = head.number<std::uint32_t>(), checksum = head.number<std::uint32_t>();
  const auto size = head.number<std::uint64_t>(), description = head.number<std::uint64_t>();
  if (version != octet_version)
    return unsupported("version of the .octet format", std::to_string(version),
                       std::to_string(octet_version));
  if (size != file.size())
    return malformed("size of the file", std::to_string(file.size()) + " bytes",
                     std::to_string(size) + " bytes, as its header says");
  if (description > size - octet_header) return malformed("description is longer than the file");
  if (crc32(file.subspan(octet_header)) != checksum)
    return malformed("checksum differs: the file is damaged");
  const std::size_t end = octet_header + static_cast<std::size_t>(description);
  return octet_layout{file.subspan(octet_header, end - octet_header),
                      file.subspan(std::min(round_up(end, alignment), file.size()))};
}

/// Constants of the graph point into `file`.
class octet_loader {
 public:
  octet_loader(file_bytes file, const octet_options& o) : file_(std::move(file)), options_(o) {}

  result<graph> run() {
    status s = load();
    if (s) s = verify(g_, options_.max);
    if (s) return std::move(g_);
    error_info e = s.error();
    e.file = file_.name;  // not the model's name, which the description holds
    return e;
  }

 private:
  status load() {
    const auto layout = read_octet_header(file_.bytes);
    if (!layout) return layout.error();
    octet_reader r(layout->description);
    g_.name = r.text();
    g_.arithmetic = r.choice<law>();
    const std::size_t tensors = r.count(16);
    for (std::size_t i = 0; i < tensors && !r.bad(); ++i)
      if (auto s = read_tensor(r, layout->constants); !s) return s;
    const std::size_t nodes = r.count(16);
    for (std::size_t i = 0; i < nodes && !r.bad(); ++i) read_node(r);
    g_.inputs = r.list<tensor_id>();
    g_.outputs = r.list<tensor_id>();
    if (r.unknown())
      return unsupported("a file of another version of octet",
                         "the number " + std::to_string(*r.unknown()) +
                             " for an element type, law, rounding or kind");
    if (r.bad() || !r.done()) return malformed("description does not end where it should");
    return missing_.check();
  }
  status read_tensor(octet_reader& r, std::span<const std::byte> constants) {
    tensor t;
    t.name = r.text();
    t.type = r.choice<dtype>();
    t.role = r.choice<tensor::kind>();
    t.format = r.choice<memory_format>();
    if (r.number<std::uint8_t>() != 0) return unsupported("a tensor with a range", t.name);
    const auto shape = r.list<std::int32_t>();
    if (shape.size() > static_cast<std::size_t>(dims::max_rank))
      return too_large("rank of a tensor", std::to_string(shape.size()),
                       std::to_string(dims::max_rank));
    for (std::int32_t e : shape) t.shape.push_back(e);
    t.scales = r.list<double>();
    t.zero_points = r.list<std::int32_t>();
    t.axis = r.number<std::int32_t>();
    const auto at = r.number<std::uint64_t>(), bytes = r.number<std::uint64_t>();
    if (bytes > constants.size() || at > constants.size() - bytes || at % alignment != 0)
      return malformed("constant lies outside the file", t.name);
    if (bytes != 0 && bytes != bytes_of(t.shape.elements(), t.type).value)
      return malformed("size of a constant", std::to_string(bytes) + " bytes", to_string(t.shape));
    if (bytes != 0)
      t.data = {file_.owner,
                constants.subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(bytes))};
    g_.add(std::move(t));
    return unit{};
  }
  void read_node(octet_reader& r) {
    node n;
    const std::string op = r.text();
    n.op = find_operator(op, options_.operators);
    n.name = r.text();
    if (!n.op && !r.bad()) missing_.add(op, "first at " + n.name);
    n.round = r.choice<rounding>();
    n.in = r.list<tensor_id>();
    n.out = r.list<tensor_id>();
    const std::size_t attrs = r.count(6);
    for (std::size_t a = 0; a < attrs && !r.bad(); ++a) {
      const std::string key = r.text();
      n.attrs.set(key, r.attribute());
    }
    g_.nodes.push_back(std::move(n));
  }

  file_bytes file_;
  const octet_options& options_;
  graph g_;
  missing_operators missing_;
};

inline void write_octet_tensor(octet_writer& w, const tensor& t, std::size_t offset) {
  w.text(t.name);
  w.choice(t.type);
  w.choice(t.role);
  w.choice(t.format);
  w.number(std::uint8_t{0});  // reserved
  w.list(std::vector<std::int32_t>(t.shape.begin(), t.shape.end()));
  w.list(t.scales);
  w.list(t.zero_points);
  w.number(t.axis);
  w.number(std::uint64_t{offset});  // from the first constant
  w.number(std::uint64_t{t.data.bytes.size()});
}
inline void write_octet_node(octet_writer& w, const node& n) {
  w.text(n.op->name);
  w.text(n.name);
  w.choice(n.round);
  w.list(n.in);
  w.list(n.out);
  w.count(n.attrs.entries().size());
  for (const auto& [key, value] : n.attrs.entries()) {
    w.text(key);
    std::visit([&](const auto& v) { w.attribute(v); }, value);
  }
}

}  // namespace detail

/// The graph as the bytes of an .octet file.
inline std::string write_octet(const graph& g) {
  detail::octet_writer w;
  std::string constants;
  std::vector<std::size_t> offset(g.tensors.size(), 0);
  for (std::size_t i = 0; i < g.tensors.size(); ++i) {
    const auto bytes = g.tensors[i].data.bytes;
    if (bytes.empty()) continue;
    constants.resize(round_up(constants.size(), alignment), '\0');
    offset[i] = constants.size();
    constants.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  w.text(g.name.substr(g.name.find_last_of('/') + 1));
  w.choice(g.arithmetic);
  w.count(g.tensors.size());
  for (std::size_t i = 0; i < g.tensors.size(); ++i)
    detail::write_octet_tensor(w, g.tensors[i], offset[i]);
  w.count(g.nodes.size());
  for (const node& n : g.nodes) detail::write_octet_node(w, n);
  w.list(g.inputs);
  w.list(g.outputs);
  const std::size_t description = w.bytes.size();
  std::string file(detail::octet_header, '\0');
  file += w.bytes;
  file.resize(round_up(file.size(), alignment), '\0');
  file += constants;
  detail::octet_writer h;
  h.bytes.assign(reinterpret_cast<const char*>(detail::octet_magic), 8);
  h.number(detail::octet_version);
  h.number(detail::crc32(std::as_bytes(std::span(file)).subspan(detail::octet_header)));
  h.number(std::uint64_t{file.size()});
  h.number(std::uint64_t{description});
  file.replace(0, h.bytes.size(), h.bytes);
  return file;
}

/// Reads an .octet file that is in memory; the graph keeps it.
inline result<graph> try_octet(file_bytes file, const octet_options& options = {}) {
  return detail::octet_loader(std::move(file), options).run();
}
/// Maps the file; the graph (and every plan of it) keeps the mapping. The file must not change
/// while it is used.
inline result<graph> try_octet(const std::string& path, const octet_options& options = {}) {
  auto f = detail::map_file(path, options.max_bytes);
  if (!f) return f.error();
  return try_octet(std::move(*f), options);
}
/// Bytes in memory are copied once, so that constants are aligned.
inline result<graph> try_octet(std::span<const std::byte> bytes, const std::string& name,
                               const octet_options& options = {}) {
  return try_octet(from_memory(name, bytes), options);
}
#if defined(__cpp_exceptions)
inline graph octet(const std::string& path, const octet_options& options = {}) {
  return value_or_throw(try_octet(path, options));
}
#endif

}  // namespace import
OCTET_NAMESPACE_END

// ---- octet/runtime/plan.hpp
// Planning: a verified graph becomes an immutable list of kernel calls over one arena.

#include <functional>
#include <memory>


OCTET_NAMESPACE_BEGIN

struct plan_options {
  target on = target::automatic;  // which kernels; a target this CPU cannot run is an error
  unsigned threads = 1;           // parts that parallel kernels are split into
  bool keep_all =
      false;  // every tensor keeps its own memory and no tensor of the source file is fused away
  bool optimize = true;  // run passes::optimize first
  limits max{};
};

/// Where a tensor lives while a session runs.
struct placement {
  enum class where : std::uint8_t { nowhere, arena, constant, state } in = where::nowhere;
  std::size_t offset = 0;      // into arena or state block
  const void* data = nullptr;  // constants
};

struct plan_data {
  graph source;  // after the passes; keeps constants alive
  plan_options options;
  target on = target::reference;  // the target in use
  plan_memory memory;             // params, multipliers, packed weights
  std::vector<step> steps;
  std::vector<tensor_id> operands;
  std::vector<placement> where;      // per tensor
  std::size_t activation_bytes = 0;  // arena without scratch
  std::size_t scratch_bytes = 0;     // per part
  std::size_t state_bytes = 0;
};

/// Immutable, cheap to copy, shared between threads. Sessions made from it share packed weights.
class plan {
 public:
  plan() = default;
  explicit plan(std::shared_ptr<const plan_data> d) : data_(std::move(d)) {}
  const plan_data& data() const noexcept { return *data_; }
  /// The graph as it runs (after fusion).
  const graph& source() const noexcept { return data_->source; }
  target on() const noexcept { return data_->on; }
  /// Bytes a session allocates for activations plus scratch of all threads.
  std::size_t arena_bytes() const noexcept {
    return round_up(data_->activation_bytes, alignment) +
           round_up(data_->scratch_bytes, alignment) * std::max(1u, data_->options.threads);
  }
  std::size_t activation_bytes() const noexcept { return data_->activation_bytes; }
  std::size_t scratch_bytes() const noexcept { return data_->scratch_bytes; }
  std::size_t weight_bytes() const noexcept { return data_->memory.total().value; }

 private:
  std::shared_ptr<const plan_data> data_;
};

/// Verifies, fuses, prepares, packs and places. The graph is copied into the plan (constants are
/// shared, not copied).
result<plan> try_compile(graph g, const plan_options& options = {});

#if defined(__cpp_exceptions)
/// try_compile, throwing octet::error.
inline plan compile(graph g, const plan_options& options = {}) {
  return value_or_throw(try_compile(std::move(g), options));
}
#endif

OCTET_NAMESPACE_END

#if OCTET_HAS_DEFINITIONS
#endif

// ---- octet/runtime/threads.hpp
// A small fork-join pool: one job at a time, as many parts as threads, futex wait and wake only.

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>


OCTET_NAMESPACE_BEGIN

/// Runs job(context, part) for part 0..threads-1; `run` returns when all parts are done. run()
/// allocates nothing. Threads take the parts one by one, the caller's thread too: on a busy machine
/// it does not wait for a worker that gets no CPU, it does that part itself. Workers spin briefly
/// (the gap between two layers is microseconds), then sleep in std::atomic::wait.
class thread_pool {
 public:
  using job_fn = void (*)(void* context, unsigned part);
  explicit thread_pool(unsigned threads) : limit_(threads < 1 ? 1 : threads) {
    for (unsigned i = 1; i < threads; ++i) workers_.emplace_back([this] { work(); });
  }
  ~thread_pool() {
    stop_.store(true, std::memory_order_relaxed);
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    for (auto& w : workers_) w.join();
  }
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;
  unsigned threads() const noexcept { return limit_; }

  void run(job_fn job, void* context) noexcept {
    if (workers_.empty()) {
      job(context, 0);
      return;
    }
    job_ = job;
    context_ = context;
    pending_.store(limit_, std::memory_order_relaxed);
    ticket_.store(((ticket_.load(std::memory_order_relaxed) >> 32) + 1) << 32,
                  std::memory_order_release);
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    take_parts();
    unsigned left = pending_.load(std::memory_order_acquire);
    for (int spin = 0; left != 0 && spin < spins; ++spin) {
      pause();
      left = pending_.load(std::memory_order_acquire);
    }
    while (left != 0) {
      pending_.wait(left, std::memory_order_acquire);
      left = pending_.load(std::memory_order_acquire);
    }
  }

 private:
  static constexpr int spins = 2000;  // about 20-50 microseconds
  static constexpr std::uint64_t closed = 0xffffffff;
  static void pause() noexcept {
#if defined(__x86_64__)
    asm volatile("pause");
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
  /// Takes parts while there are any. The ticket holds the job's number and its next part in one
  /// word, so that a worker that comes late cannot take a part of a job that is over; a part that
  /// is taken keeps run() from returning, so that what describes the job stays as it is.
  void take_parts() noexcept {
    std::uint64_t t = ticket_.load(std::memory_order_acquire);
    while ((t & closed) < limit_) {
      if (!ticket_.compare_exchange_weak(t, t + 1, std::memory_order_acq_rel,
                                         std::memory_order_acquire))
        continue;
      job_(context_, static_cast<unsigned>(t & closed));
      if (pending_.fetch_sub(1, std::memory_order_acq_rel) == 1) pending_.notify_one();
      t = ticket_.load(std::memory_order_acquire);
    }
  }
  void work() noexcept {
    unsigned seen = 0;
    for (;;) {
      unsigned now = generation_.load(std::memory_order_acquire);
      for (int spin = 0; now == seen && spin < spins; ++spin) {
        pause();
        now = generation_.load(std::memory_order_acquire);
      }
      while (now == seen) {
        generation_.wait(seen, std::memory_order_acquire);
        now = generation_.load(std::memory_order_acquire);
      }
      seen = now;
      if (stop_.load(std::memory_order_relaxed)) return;
      take_parts();
    }
  }

  const unsigned limit_;  // threads, and so parts of a job
  job_fn job_ = nullptr;
  void* context_ = nullptr;
  std::atomic<unsigned> generation_{0};
  std::atomic<std::uint64_t> ticket_{closed};  // job's number << 32 | next part
  std::atomic<unsigned> pending_{0};           // parts that are not done
  std::atomic<bool> stop_{false};
  std::vector<std::thread> workers_;  // last: they use the rest
};

OCTET_NAMESPACE_END

// ---- octet/runtime/session.hpp
// Running a plan.

#include <memory>
#include <string>
#include <string_view>


OCTET_NAMESPACE_BEGIN

/// A named tensor of a session: its memory inside the arena, its description in the plan. Valid as
/// long as the session.
class bound_tensor {
 public:
  bound_tensor(const tensor& t, void* data) : tensor_(&t), data_(data) {}
  std::string_view name() const noexcept { return tensor_->name; }
  dtype type() const noexcept { return tensor_->type; }
  const dims& shape() const noexcept { return tensor_->shape; }
  /// Scale and zero point in the file (1 and 0 where it is not quantized).
  Scale scale() const noexcept { return Scale(tensor_->scales.empty() ? 1.0 : tensor_->scales[0]); }
  ZeroPoint zero_point() const noexcept {
    return ZeroPoint(tensor_->zero_points.empty() ? 0 : tensor_->zero_points[0]);
  }
  tensor_view view() const noexcept { return {data_, tensor_->type, tensor_->shape}; }
  /// The elements; empty where T is not the tensor's element type.
  template <class T> std::span<T> as() const noexcept { return view().as<T>(); }
  /// Copies `from` in after checking dtype and shape.
  status try_assign(const const_tensor_view& from) const {
    if (from.type != type() || !(from.shape == shape())) {
      auto e = invalid("input", std::string(name_of(from.type)) + to_string(from.shape),
                       std::string(name_of(type())) + to_string(shape()));
      e.tensor = tensor_->name;
      return e;
    }
    if (from.size_bytes() != 0) std::memcpy(data_, from.data, from.size_bytes());
    return unit{};
  }
  /// Copies elements in after checking element type and count.
  template <class T> status try_assign(std::span<const T> from) const {
    if (dtype_of<T> != type() || from.size() != shape().elements().value) {
      auto e = invalid(
          "input",
          std::string(name_of(dtype_of<T>)) + ", " + std::to_string(from.size()) + " elements",
          std::string(name_of(type())) + to_string(shape()));
      e.tensor = tensor_->name;
      return e;
    }
    if (!from.empty()) std::memcpy(data_, from.data(), from.size_bytes());
    return unit{};
  }
#if defined(__cpp_exceptions)
  void assign(const const_tensor_view& from) const { value_or_throw(try_assign(from)); }
  template <class C> void assign(const C& from) const requires requires {
    std::span<const typename C::value_type>(from);
  }
  { value_or_throw(try_assign(std::span<const typename C::value_type>(from))); }
#endif

 private:
  const tensor* tensor_;
  void* data_;
};

/// Told of every tensor right after the step that wrote it. Sees memory read-only; the same kernels
/// run with or without it.
struct observer {
  virtual void on_tensor(const plan_data& p, std::size_t step, tensor_id id,
                         const const_tensor_view& value) noexcept = 0;

 protected:
  ~observer() = default;
};

/// Arena and state of one caller. Make one per application thread; all may share one plan. Not
/// copyable; may be moved.
class session {
 public:
  explicit session(plan p) : impl_(std::make_unique<impl>(std::move(p))) {}

  const plan& program() const noexcept { return impl_->program; }
  std::size_t inputs() const noexcept { return impl_->g().inputs.size(); }
  std::size_t outputs() const noexcept { return impl_->g().outputs.size(); }
  /// i-th input in the model's own order; write its elements before each run(): the arena reuses
  /// its memory during the run.
  bound_tensor input(std::size_t i = 0) noexcept { return impl_->bound(impl_->g().inputs[i]); }
  bound_tensor output(std::size_t i = 0) noexcept { return impl_->bound(impl_->g().outputs[i]); }
  result<bound_tensor> try_input(std::string_view name) {
    return impl_->find(impl_->g().inputs, name, "input");
  }
  result<bound_tensor> try_output(std::string_view name) {
    return impl_->find(impl_->g().outputs, name, "output");
  }
#if defined(__cpp_exceptions)
  bound_tensor input(std::string_view name) { return value_or_throw(try_input(name)); }
  bound_tensor output(std::string_view name) { return value_or_throw(try_output(name)); }
#endif

  /// Runs the network. No allocation, no lock, no system call with one thread; with more, futex
  /// wait and wake only.
  void run() noexcept { impl_->run(nullptr); }
  /// The same, telling `o` of every tensor.
  void run(observer& o) noexcept { impl_->run(&o); }
  /// State tensors (recurrent networks) back to their initial contents.
  void reset() noexcept { impl_->reset(); }

 private:
  struct impl {
    plan program;
    buffer arena, state;
    std::vector<const void*> operands;  // address of every operand of every step
    thread_pool pool;
    std::uint32_t current = 0;  // step the pool works on

    explicit impl(plan p)
        : program(std::move(p)),
          arena(Bytes(program.arena_bytes())),
          state(Bytes(program.data().state_bytes)),
          pool(needs_pool(program) ? program.data().options.threads : 1) {
      operands.reserve(program.data().operands.size());
      for (tensor_id t : program.data().operands)
        operands.push_back(t == no_tensor ? nullptr : address(t));
      reset();
    }
    static bool needs_pool(const plan& p) {
      for (const step& s : p.data().steps)
        if (s.parts > 1) return true;
      return false;
    }
    const graph& g() const { return program.data().source; }
    void* address(tensor_id t) {
      const placement& w = program.data().where[static_cast<std::size_t>(t)];
      switch (w.in) {
        case placement::where::arena: return arena.data() + w.offset;
        case placement::where::state: return state.data() + w.offset;
        case placement::where::constant:
          return const_cast<void*>(w.data);  // kernels get inputs as const
        case placement::where::nowhere: break;
      }
      return nullptr;
    }
    bound_tensor bound(tensor_id t) { return {g()[t], address(t)}; }
    result<bound_tensor> find(const std::vector<tensor_id>& list, std::string_view name,
                              const char* what) {
      std::string known;
      for (tensor_id t : list) {
        if (g()[t].name == name) return bound(t);
        known += (known.empty() ? "" : ", ") + g()[t].name;
      }
      auto e = invalid(std::string("no such ") + what, std::string(name), known);
      e.file = g().name;
      return e;
    }
    void reset() noexcept {
      for (std::size_t i = 0; i < g().tensors.size(); ++i) {
        const tensor& t = g().tensors[i];
        if (t.role != tensor::kind::state) continue;
        detail::reset_state(static_cast<std::byte*>(address(static_cast<tensor_id>(i))), t.type,
                            bytes_of(t.shape.elements(), t.type).value, t.data.bytes,
                            t.zero_points.empty() ? 0 : t.zero_points[0]);
      }
    }
    /// One part of one step, on the thread that the pool gives it.
    void call(const step& s, unsigned part) noexcept {
      kernel_args a;
      a.params = s.params;
      a.in = {operands.data() + s.first_in, s.inputs};
      a.out = {const_cast<void* const*>(operands.data() + s.first_out), s.outputs};
      const plan_data& d = program.data();
      a.scratch = arena.data() + round_up(d.activation_bytes, alignment) +
                  part * round_up(d.scratch_bytes, alignment);
      a.part = part;
      a.parts = s.parts;
      s.run(a);
    }
    void run(observer* o) noexcept {
      const numerics::exact_environment
          environment;  // whatever rounding and flush-to-zero mode the application runs in
      const plan_data& d = program.data();
      for (std::size_t i = 0; i < d.steps.size(); ++i) {
        const step& s = d.steps[i];
        if (s.parts <= 1) {
          call(s, 0);
        } else {
          current = static_cast<std::uint32_t>(i);
          pool.run(
              [](void* self, unsigned part) {
                const numerics::exact_environment worker;
                auto* me = static_cast<impl*>(self);
                const step& st = me->program.data().steps[me->current];
                if (part < st.parts) me->call(st, part);
              },
              this);
        }
        if (o)
          for (std::uint32_t k = 0; k < s.outputs; ++k) {
            const tensor_id t = d.operands[s.first_out + k];
            o->on_tensor(d, i, t,
                         const_tensor_view(operands[s.first_out + k], g()[t].type, g()[t].shape));
          }
      }
    }
  };
  std::unique_ptr<impl> impl_;
};

OCTET_NAMESPACE_END

// ---- octet/laws/padding.hpp
// Padding of windows that a framework gives by name instead of by numbers.

#include <cstdint>


OCTET_NAMESPACE_BEGIN
namespace laws {

/// Elements around one axis; of a transposed convolution: cropped, and `more` added after.
struct axis_padding {
  std::int32_t before = 0, after = 0, more = 0;
  constexpr bool operator==(const axis_padding&) const = default;
};

/// TensorFlow's SAME for one axis: total = max((out - 1) * stride + reach - in, 0) with
/// out = ceil(in / stride) and reach = (window - 1) * dilation + 1; the smaller half comes before.
/// Nothing where an argument is below 1.
constexpr axis_padding same_padding(std::int32_t in, std::int32_t window, std::int32_t stride,
                                    std::int32_t dilation) noexcept {
  if (stride < 1 || dilation < 1 || window < 1) return {};
  const std::int64_t out = (std::int64_t{in} + stride - 1) / stride,
                     reach = (std::int64_t{window} - 1) * dilation + 1;
  const std::int64_t total = (out - 1) * stride + reach - in;
  if (total <= 0) return {};
  return {static_cast<std::int32_t>(total / 2), static_cast<std::int32_t>(total - total / 2)};
}

/// TensorFlow's padding of one axis of a transposed convolution, where the windows reach `extra`
/// elements beyond the wanted output: crop them, the smaller half before; add what falls short.
constexpr axis_padding transposed_padding(std::int32_t extra) noexcept {
  if (extra < 0) return {0, 0, -extra};
  return {extra / 2, extra - extra / 2, 0};
}

}  // namespace laws
OCTET_NAMESPACE_END

// ---- octet/typed/types.hpp
// Typed tensors: element type, shape and quantization parameters as template arguments.

#include <span>
#include <type_traits>


OCTET_NAMESPACE_BEGIN
namespace typed {

inline constexpr dtype f32 = dtype::f32, f64 = dtype::f64, s8 = dtype::s8, u8 = dtype::u8,
                       s16 = dtype::s16, u16 = dtype::u16, s32 = dtype::s32, s64 = dtype::s64,
                       boolean = dtype::boolean;
using law = octet::law;
using rounding = octet::rounding;
using target = octet::target;

/// real = scale * (q - zero_point). Scale 0: not quantized. TFLite's scales are binary32
/// numbers: write 0.02f, not 0.02.
struct affine {
  double scale = 0;
  std::int32_t zero_point = 0;
  constexpr bool operator==(const affine&) const = default;
};

/// Extents, outermost first (NHWC for images).
template <std::int32_t... E> struct shape {
  static_assert(sizeof...(E) <= static_cast<std::size_t>(dims::max_rank),
                "octet: a tensor has at most eight axes");
  static_assert(((E >= 0) && ... && true), "octet: an extent of a tensor is negative");
  static constexpr dims extents{E...};
  static constexpr std::size_t elements = (std::size_t{1} * ... * static_cast<std::size_t>(E));
};

namespace detail {
template <dtype T> struct element;
template <> struct element<dtype::f32> { using type = float; };
template <> struct element<dtype::f64> { using type = double; };
template <> struct element<dtype::s8> { using type = std::int8_t; };
template <> struct element<dtype::u8> { using type = std::uint8_t; };
template <> struct element<dtype::s16> { using type = std::int16_t; };
template <> struct element<dtype::u16> { using type = std::uint16_t; };
template <> struct element<dtype::s32> { using type = std::int32_t; };
template <> struct element<dtype::u32> { using type = std::uint32_t; };
template <> struct element<dtype::s64> { using type = std::int64_t; };
template <> struct element<dtype::u64> { using type = std::uint64_t; };
template <> struct element<dtype::boolean> { using type = bool; };
template <> struct element<dtype::f16> { using type = std::uint16_t; };  // bits
}  // namespace detail

/// A tensor's type: what the compiler checks. Elements live elsewhere.
template <dtype T, class Shape, affine Q = affine{}> struct tensor {
  using element = typename detail::element<T>::type;
  using shape = Shape;
  static constexpr dtype type = T;
  static constexpr affine quantization = Q;
  static constexpr std::size_t elements = Shape::elements;
  static constexpr std::size_t bytes = elements * sizeof(element);
  using view =
      std::span<element, elements>;  // memory of the caller: as many elements as the type says
  using const_view = std::span<const element, elements>;
};

}  // namespace typed
OCTET_NAMESPACE_END

// ---- octet/typed/error.hpp
// Mistakes in a typed graph as the compiler reports them: one class template per mistake, the
// numbers as template arguments.


OCTET_NAMESPACE_BEGIN
namespace typed {

/// What can be wrong with a graph. Found where the operator is applied, kept in the value, reported
/// when the graph is compiled.
enum class mistake : std::uint8_t {
  none,
  wrong_rank,
  shapes_differ,
  add_shapes_differ,
  concat_shapes_differ,
  channel_count_differs,
  weight_count_differs,
  bias_count_differs,
  axis_out_of_range,
  groups_do_not_divide_channels,
  stride_not_positive,
  window_larger_than_input,
  element_types_differ,
  quantizations_differ,
  element_count_differs,
  wrong_number_of_inputs,
  attribute_out_of_range,
  scale_not_positive,
  zero_point_out_of_range,
  scale_count_differs,
  missing_requantize,
  missing_quantize,
  missing_dequantize,
  inputs_of_one_name_differ,
  too_many_nodes,
  no_rounding_in_this_law,
  arena_over_budget,
  state_written_twice,
  not_a_state
};

/// Extents or single numbers; in a message `expected<1, 8, 8, 16>, found<1, 8, 8, 32>`.
template <std::int64_t... N> struct expected {};
template <std::int64_t... N> struct found {};
/// The line in the user's own file where the operator was written.
template <int Line> struct at_line {};

namespace error {
template <class...> inline constexpr bool no = false;
// No macros: compilers show their expansion in every message.
template <class Expected, class Found, class Line> struct wrong_rank {
  static_assert(no<Expected, Found, Line>,
                "octet: this operator takes a tensor of another rank (number of axes)");
};
template <class Expected, class Found, class Line> struct shapes_differ {
  static_assert(no<Expected, Found, Line>, "octet: the shapes of the operands do not go together");
};
template <class Expected, class Found, class Line> struct add_shapes_differ {
  static_assert(no<Expected, Found, Line>,
                "octet: the operands of an elementwise operator have shapes that do not broadcast");
};
template <class Expected, class Found, class Line> struct concat_shapes_differ {
  static_assert(no<Expected, Found, Line>,
                "octet: the inputs of concat may differ along its axis only");
};
template <class Expected, class Found, class Line> struct channel_count_differs {
  static_assert(no<Expected, Found, Line>, "octet: the weights are for another number of channels");
};
template <class Expected, class Found, class Line> struct weight_count_differs {
  static_assert(no<Expected, Found, Line>,
                "octet: the array of weights has not the number of elements that filters, window "
                "and input channels ask for");
};
template <class Expected, class Found, class Line> struct bias_count_differs {
  static_assert(no<Expected, Found, Line>,
                "octet: the bias has not one element per output channel");
};
template <class Expected, class Found, class Line> struct axis_out_of_range {
  static_assert(no<Expected, Found, Line>, "octet: axis out of range; expected<lowest, highest>");
};
template <class Expected, class Found, class Line> struct groups_do_not_divide_channels {
  static_assert(no<Expected, Found, Line>, "octet: groups must divide input and output channels");
};
template <class Expected, class Found, class Line> struct stride_not_positive {
  static_assert(no<Expected, Found, Line>, "octet: strides and dilations are at least 1");
};
template <class Expected, class Found, class Line> struct window_larger_than_input {
  static_assert(no<Expected, Found, Line>, "octet: the window is larger than the padded input");
};
template <class Expected, class Found, class Line> struct element_types_differ {
  static_assert(no<Expected, Found, Line>,
                "octet: the operands have different element types (numbers: octet::dtype)");
};
template <class Expected, class Found, class Line> struct quantizations_differ {
  static_assert(no<Expected, Found, Line>,
                "octet: scales or zero points must be equal here; put a requantize between");
};
template <class Expected, class Found, class Line> struct element_count_differs {
  static_assert(no<Expected, Found, Line>, "octet: the number of elements changes");
};
template <class Expected, class Found, class Line> struct wrong_number_of_inputs {
  static_assert(no<Expected, Found, Line>,
                "octet: this operator takes another number of inputs; expected<least, most>");
};
template <class Expected, class Found, class Line> struct attribute_out_of_range {
  static_assert(no<Expected, Found, Line>,
                "octet: an attribute has a value that the operator does not take");
};
template <class Expected, class Found, class Line> struct scale_not_positive {
  static_assert(no<Expected, Found, Line>,
                "octet: a scale must be a positive number (shown in millionths)");
};
template <class Expected, class Found, class Line> struct zero_point_out_of_range {
  static_assert(
      no<Expected, Found, Line>,
      "octet: the zero point is not a value of the element type; expected<lowest, highest>");
};
template <class Expected, class Found, class Line> struct scale_count_differs {
  static_assert(no<Expected, Found, Line>,
                "octet: per-channel weights need one scale per output channel");
};
template <class Expected, class Found, class Line> struct missing_requantize {
  static_assert(no<Expected, Found, Line>,
                "octet: accumulators (int32 or int64) go into an operator for quantized values: "
                "put | requantize(...) between, or give the operator before an output scale");
};
template <class Expected, class Found, class Line> struct missing_quantize {
  static_assert(no<Expected, Found, Line>,
                "octet: float32 values go into an operator for quantized values: put | "
                "quantize(...) between");
};
template <class Expected, class Found, class Line> struct missing_dequantize {
  static_assert(
      no<Expected, Found, Line>,
      "octet: quantized values go into an operator for float32 values: put | dequantize() between");
};
template <class Expected, class Found, class Line> struct inputs_of_one_name_differ {
  static_assert(
      no<Expected, Found, Line>,
      "octet: two inputs or two states have one name but different types: give each its own name");
};
template <class Expected, class Found, class Line> struct too_many_nodes {
  static_assert(no<Expected, Found, Line>,
                "octet: more operators, tensors or attributes than the graph has room for: raise "
                "the capacity given to input<tensor, capacity>()");
};
template <class Expected, class Found, class Line> struct no_rounding_in_this_law {
  static_assert(no<Expected, Found, Line>,
                "octet: this law has no formula for this operator on these types: give .round "
                "(numbers: octet::law, operator's place in the graph)");
};
template <class Expected, class Found, class Line> struct arena_over_budget {
  static_assert(no<Expected, Found, Line>, "octet: the arena is larger than the budget, in bytes");
};
template <class Expected, class Found, class Line> struct state_written_twice {
  static_assert(no<Expected, Found, Line>,
                "octet: two operators write one state: give each its own name");
};
template <class Expected, class Found, class Line> struct not_a_state {
  static_assert(no<Expected, Found, Line>,
                "octet: this operator keeps a state between runs: give it a state<...>(name) there "
                "(expected: which input; found: which result)");
};

/// The class of a mistake; naming it instantiates nothing.
template <mistake> struct class_of;
template <> struct class_of<mistake::wrong_rank> {
  template <class E, class F, class L> using type = wrong_rank<E, F, L>;
};
template <> struct class_of<mistake::shapes_differ> {
  template <class E, class F, class L> using type = shapes_differ<E, F, L>;
};
template <> struct class_of<mistake::add_shapes_differ> {
  template <class E, class F, class L> using type = add_shapes_differ<E, F, L>;
};
template <> struct class_of<mistake::concat_shapes_differ> {
  template <class E, class F, class L> using type = concat_shapes_differ<E, F, L>;
};
template <> struct class_of<mistake::channel_count_differs> {
  template <class E, class F, class L> using type = channel_count_differs<E, F, L>;
};
template <> struct class_of<mistake::weight_count_differs> {
  template <class E, class F, class L> using type = weight_count_differs<E, F, L>;
};
template <> struct class_of<mistake::bias_count_differs> {
  template <class E, class F, class L> using type = bias_count_differs<E, F, L>;
};
template <> struct class_of<mistake::axis_out_of_range> {
  template <class E, class F, class L> using type = axis_out_of_range<E, F, L>;
};
template <> struct class_of<mistake::groups_do_not_divide_channels> {
  template <class E, class F, class L> using type = groups_do_not_divide_channels<E, F, L>;
};
template <> struct class_of<mistake::stride_not_positive> {
  template <class E, class F, class L> using type = stride_not_positive<E, F, L>;
};
template <> struct class_of<mistake::window_larger_than_input> {
  template <class E, class F, class L> using type = window_larger_than_input<E, F, L>;
};
template <> struct class_of<mistake::element_types_differ> {
  template <class E, class F, class L> using type = element_types_differ<E, F, L>;
};
template <> struct class_of<mistake::quantizations_differ> {
  template <class E, class F, class L> using type = quantizations_differ<E, F, L>;
};
template <> struct class_of<mistake::element_count_differs> {
  template <class E, class F, class L> using type = element_count_differs<E, F, L>;
};
template <> struct class_of<mistake::wrong_number_of_inputs> {
  template <class E, class F, class L> using type = wrong_number_of_inputs<E, F, L>;
};
template <> struct class_of<mistake::attribute_out_of_range> {
  template <class E, class F, class L> using type = attribute_out_of_range<E, F, L>;
};
template <> struct class_of<mistake::scale_not_positive> {
  template <class E, class F, class L> using type = scale_not_positive<E, F, L>;
};
template <> struct class_of<mistake::zero_point_out_of_range> {
  template <class E, class F, class L> using type = zero_point_out_of_range<E, F, L>;
};
template <> struct class_of<mistake::scale_count_differs> {
  template <class E, class F, class L> using type = scale_count_differs<E, F, L>;
};
template <> struct class_of<mistake::missing_requantize> {
  template <class E, class F, class L> using type = missing_requantize<E, F, L>;
};
template <> struct class_of<mistake::missing_quantize> {
  template <class E, class F, class L> using type = missing_quantize<E, F, L>;
};
template <> struct class_of<mistake::missing_dequantize> {
  template <class E, class F, class L> using type = missing_dequantize<E, F, L>;
};
template <> struct class_of<mistake::inputs_of_one_name_differ> {
  template <class E, class F, class L> using type = inputs_of_one_name_differ<E, F, L>;
};
template <> struct class_of<mistake::too_many_nodes> {
  template <class E, class F, class L> using type = too_many_nodes<E, F, L>;
};
template <> struct class_of<mistake::no_rounding_in_this_law> {
  template <class E, class F, class L> using type = no_rounding_in_this_law<E, F, L>;
};
template <> struct class_of<mistake::arena_over_budget> {
  template <class E, class F, class L> using type = arena_over_budget<E, F, L>;
};
template <> struct class_of<mistake::state_written_twice> {
  template <class E, class F, class L> using type = state_written_twice<E, F, L>;
};
template <> struct class_of<mistake::not_a_state> {
  template <class E, class F, class L> using type = not_a_state<E, F, L>;
};
}  // namespace error

}  // namespace typed
OCTET_NAMESPACE_END

// ---- octet/typed/network.hpp
// A typed graph as a constexpr value: a list of tensors and nodes that grows as operators are
// applied and merges where values meet.

#include <array>
#include <string_view>


OCTET_NAMESPACE_BEGIN
namespace typed {

using octet::activation;

namespace detail {

// The lists below hold far more room than most graphs use. Their element types have no default
// member initializers: a zero-initialized rest then costs the compiler nothing (with them, g++
// builds every element of every copy: 20 s and 2 GB for MobileNetV2 instead of 1 s).

struct extents {
  std::int32_t extent[dims::max_rank];
  std::int32_t rank;
  constexpr bool operator==(const extents&) const = default;
};
constexpr extents pack(const dims& d) {
  extents e{};
  for (int i = 0; i < d.rank; ++i) e.extent[i] = d[i];
  e.rank = d.rank;
  return e;
}
constexpr dims unpack(const extents& e) {
  dims d;
  for (int i = 0; i < e.rank; ++i) d.push_back(e.extent[i]);
  return d;
}
constexpr bool same_text(const char* a, const char* b) {
  return a && b ? std::string_view(a) == std::string_view(b) : !a && !b;
}

enum class role : std::uint8_t { value, constant, input, state };

struct tensor_info {
  dtype type;
  typed::detail::role role;
  extents shape;
  double scale;  // per tensor; 0: none, or per channel
  std::int32_t zero_point;
  std::int32_t axis;      // per channel: which axis
  std::int32_t channels;  // per channel: number of scales
  const float* scales32;  // per channel: one of the two
  const double* scales64;
  const std::int32_t* zero_points;  // per channel; null: all 0
  const void* data;                 // constants; first contents of states (null: real zero)
  std::size_t bytes;
  const char* name;  // inputs, outputs, states

  constexpr bool operator==(const tensor_info& o) const {
    return type == o.type && role == o.role && shape == o.shape && scale == o.scale &&
           zero_point == o.zero_point && axis == o.axis && channels == o.channels &&
           scales32 == o.scales32 && scales64 == o.scales64 && zero_points == o.zero_points &&
           data == o.data && bytes == o.bytes && same_text(name, o.name);
  }
  constexpr bool quantized() const { return scale != 0 || channels != 0; }
};

struct attribute_info {
  const char* key;
  attribute_value::kind type;
  std::int64_t integer;
  double real;
  std::int32_t first, count;  // lists: place in the network's numbers

  constexpr bool same_value(const attribute_info& o) const {
    return same_text(key, o.key) && type == o.type && integer == o.integer && real == o.real &&
           count == o.count;
  }
};

struct node_info {
  const op_def* op;
  rounding round;
  bool by_law;   // `round` follows from the law
  bool has_law;  // `own_law` replaces the graph's
  law own_law;
  activation act;
  std::int32_t line;  // in the user's file; not part of a node's identity
  std::int32_t first_in, ins, first_out, outs, first_attr, attrs;
};

struct mistake_info {
  mistake what;
  extents expected, found;
  std::int32_t line;
};

/// A node under construction: attributes with their numbers.
struct attribute_list {
  static constexpr int room = 32, number_room = 96;
  attribute_info list[room];
  std::int32_t count;
  std::int64_t integers[number_room];
  std::int32_t integer_count;
  double reals[number_room];
  std::int32_t real_count;

  constexpr void integer(const char* key, std::int64_t v) {
    list[count++] = {key, attribute_value::kind::integer, v, 0, 0, 0};
  }
  constexpr void real(const char* key, double v) {
    list[count++] = {key, attribute_value::kind::real, 0, v, 0, 0};
  }
  template <class R> constexpr void integer_list(const char* key, const R& r) {
    const std::int32_t first = integer_count;
    for (std::int64_t v : r) integers[integer_count++] = v;
    list[count++] = {key, attribute_value::kind::integers, 0, 0, first, integer_count - first};
  }
  template <class R> constexpr void real_list(const char* key, const R& r) {
    const std::int32_t first = real_count;
    for (double v : r) reals[real_count++] = v;
    list[count++] = {key, attribute_value::kind::reals, 0, 0, first, real_count - first};
  }
};
/// The members of an attribute struct that differ from their defaults.
template <class A> constexpr void append_attributes(attribute_list& to, const A& a) {
  const A plain{};
  std::apply(
      [&](const auto&... f) {
        (
            [&] {
              using T = std::remove_cvref_t<decltype(a.*f.member)>;
              if (a.*f.member == plain.*f.member) return;
              if constexpr (std::is_same_v<T, dims>)
                to.integer_list(f.name, a.*f.member);
              else if constexpr (std::is_floating_point_v<T>)
                to.real(f.name, static_cast<double>(a.*f.member));
              else
                to.integer(f.name, static_cast<std::int64_t>(a.*f.member));
            }(),
            ...);
      },
      A::fields);
}

template <int Capacity> struct network {
  static constexpr int node_room = Capacity, tensor_room = 4 * Capacity,
                       attribute_room = 8 * Capacity, operand_room = 6 * Capacity,
                       number_room = 8 * Capacity;
  node_info nodes[node_room];
  tensor_info tensors[tensor_room];
  attribute_info attrs[attribute_room];
  std::int32_t operands[operand_room];  // tensor indices; -1: absent
  std::int64_t integers[number_room];
  double reals[number_room];
  std::int32_t node_count, tensor_count, attr_count, operand_count, integer_count, real_count;
  mistake_info wrong;

  constexpr bool fail(mistake m, const dims& want, const dims& got, std::int32_t line) {
    if (wrong.what == mistake::none) wrong = {m, pack(want), pack(got), line};
    return false;
  }
  constexpr bool room_for(int more_tensors, int more_attrs, int more_operands, int more_numbers,
                          std::int32_t line) {
    if (node_count < node_room && tensor_count + more_tensors <= tensor_room &&
        attr_count + more_attrs <= attribute_room &&
        operand_count + more_operands <= operand_room &&
        integer_count + more_numbers <= number_room && real_count + more_numbers <= number_room)
      return true;
    return fail(mistake::too_many_nodes, dims{Capacity}, dims{node_count + 1}, line);
  }
  /// A constant, an input or a state: the one that is there already, or a new one.
  constexpr std::int32_t add_tensor(const tensor_info& t, std::int32_t line) {
    if (t.role != role::value)
      for (std::int32_t i = 0; i < tensor_count; ++i) {
        if (tensors[i].role != t.role) continue;
        if (t.role != role::constant && same_text(tensors[i].name, t.name) && !(tensors[i] == t))
          fail(mistake::inputs_of_one_name_differ, unpack(tensors[i].shape), unpack(t.shape), line);
        if (tensors[i] == t) return i;
      }
    if (!room_for(1, 0, 0, 0, line)) return 0;
    tensors[tensor_count] = t;
    return tensor_count++;
  }
  template <int D>
  constexpr bool same_attributes(const node_info& a, const network<D>& other,
                                 const node_info& b) const {
    if (a.attrs != b.attrs) return false;
    for (std::int32_t i = 0; i < a.attrs; ++i) {
      const attribute_info &x = attrs[a.first_attr + i], &y = other.attrs[b.first_attr + i];
      if (!x.same_value(y)) return false;
      for (std::int32_t k = 0; k < x.count; ++k)
        if (x.type == attribute_value::kind::integers
                ? integers[x.first + k] != other.integers[y.first + k]
                : reals[x.first + k] != other.reals[y.first + k])
          return false;
    }
    return true;
  }
  /// Does a node write this state already?
  constexpr bool has_writer(std::int32_t state) const {
    for (std::int32_t n = 0; n < node_count; ++n)
      for (std::int32_t i = 0; i < nodes[n].outs; ++i)
        if (operands[nodes[n].first_out + i] == state) return true;
    return false;
  }
  static constexpr bool same_head(const node_info& a, const node_info& b) {
    return a.op == b.op && a.round == b.round && a.by_law == b.by_law && a.has_law == b.has_law &&
           a.own_law == b.own_law && a.act == b.act && a.ins == b.ins && a.outs == b.outs;
  }
};

}  // namespace detail

/// One tensor of a graph under construction, with everything it is computed from. What operators
/// take and give; several values of one graph may be joined: equal parts (same operators on same
/// inputs) become one. `Capacity`: the most operators the graph can hold.
template <int Capacity> struct value {
  detail::network<Capacity> net;
  std::int32_t out[16];  // tensors this value stands for; more than one only after outputs(...) or
                         // an operator with several results
  std::int32_t outs;
  const char* out_name[16];  // null: "output", or "output_1" and so on

  /// One of several results.
  constexpr value operator[](int i) const {
    value v = *this;
    v.out[0] = out[i];
    v.out_name[0] = out_name[i];
    v.outs = 1;
    return v;
  }
};
inline constexpr int default_capacity = 256;

namespace detail {

/// Appends `b`'s graph to `a`'s, equal nodes being one, and fills `map` from b's tensors to those
/// of the result.
template <int C, int D>
constexpr void merge(network<C>& a, const network<D>& b, std::int32_t* map) {
  if (a.wrong.what == mistake::none) a.wrong = b.wrong;
  if (a.wrong.what != mistake::none) return;
  // Values that grew from one share a prefix node by node: found in one pass.
  std::int32_t same_tensors = 0;
  while (same_tensors < a.tensor_count && same_tensors < b.tensor_count &&
         a.tensors[same_tensors] == b.tensors[same_tensors])
    ++same_tensors;
  for (std::int32_t i = 0; i < b.tensor_count; ++i) map[i] = -2;
  for (std::int32_t i = 0; i < b.tensor_count; ++i)
    if (b.tensors[i].role != role::value)
      map[i] = i < same_tensors ? i : a.add_tensor(b.tensors[i], 0);
  const std::int32_t known = a.node_count;
  for (std::int32_t n = 0; n < b.node_count && a.wrong.what == mistake::none; ++n) {
    const node_info& node = b.nodes[n];
    const auto equal = [&](std::int32_t k) {
      const node_info& old = a.nodes[k];
      if (!network<C>::same_head(old, node)) return false;
      for (std::int32_t i = 0; i < node.ins; ++i) {
        const std::int32_t t = b.operands[node.first_in + i];
        if (a.operands[old.first_in + i] != (t < 0 ? t : map[t])) return false;
      }
      for (std::int32_t i = 0; i < node.outs; ++i)
        if (!(a.tensors[a.operands[old.first_out + i]] ==
              b.tensors[b.operands[node.first_out + i]]))
          return false;
      return a.same_attributes(old, b, node);
    };
    std::int32_t found = -1;
    if (n < known && equal(n)) found = n;
    for (std::int32_t k = 0; k < known && found < 0; ++k)
      if (equal(k)) found = k;
    if (found >= 0) {
      for (std::int32_t i = 0; i < node.outs; ++i)
        map[b.operands[node.first_out + i]] = a.operands[a.nodes[found].first_out + i];
      continue;
    }
    if (!a.room_for(node.outs, node.attrs, node.ins + node.outs, attribute_list::number_room,
                    node.line))
      return;
    node_info copy = node;
    copy.first_in = a.operand_count;
    for (std::int32_t i = 0; i < node.ins; ++i) {
      const std::int32_t t = b.operands[node.first_in + i];
      a.operands[a.operand_count++] = t < 0 ? t : map[t];
    }
    copy.first_out = a.operand_count;
    for (std::int32_t i = 0; i < node.outs; ++i) {
      const std::int32_t t = b.operands[node.first_out + i];
      if (b.tensors[t].role == role::state) {
        if (a.has_writer(map[t]))
          return static_cast<void>(
              a.fail(mistake::state_written_twice, dims{1}, dims{2}, node.line));
        a.operands[a.operand_count++] = map[t];
        continue;
      }
      a.tensors[a.tensor_count] = b.tensors[t];
      map[t] = a.tensor_count;
      a.operands[a.operand_count++] = a.tensor_count++;
    }
    copy.first_attr = a.attr_count;
    for (std::int32_t i = 0; i < node.attrs; ++i) {
      attribute_info at = b.attrs[node.first_attr + i];
      const std::int32_t from = at.first;
      if (at.type == attribute_value::kind::integers) {
        at.first = a.integer_count;
        for (std::int32_t k = 0; k < at.count; ++k)
          a.integers[a.integer_count++] = b.integers[from + k];
      } else if (at.type == attribute_value::kind::reals) {
        at.first = a.real_count;
        for (std::int32_t k = 0; k < at.count; ++k) a.reals[a.real_count++] = b.reals[from + k];
      }
      a.attrs[a.attr_count++] = at;
    }
    a.nodes[a.node_count++] = copy;
  }
}

/// What an operator's rule found broken, as the mistake that people read.
constexpr mistake mistake_of(rule r, const op_def& op) {
  switch (r) {
    case rule::ok: return mistake::none;
    case rule::rank: return mistake::wrong_rank;
    case rule::shapes_differ: {
      const std::string_view name = op.name;
      return name == "qnn.concat" || name == "concat"   ? mistake::concat_shapes_differ
             : op.min_inputs == 2 && op.max_inputs == 2 ? mistake::add_shapes_differ
                                                        : mistake::shapes_differ;
    }
    case rule::channels: return mistake::channel_count_differs;
    case rule::weight_count: return mistake::weight_count_differs;
    case rule::bias_count: return mistake::bias_count_differs;
    case rule::axis: return mistake::axis_out_of_range;
    case rule::groups: return mistake::groups_do_not_divide_channels;
    case rule::stride: return mistake::stride_not_positive;
    case rule::window: return mistake::window_larger_than_input;
    case rule::dtypes: return mistake::element_types_differ;
    case rule::quantization: return mistake::quantizations_differ;
    case rule::element_count: return mistake::element_count_differs;
    case rule::input_count: return mistake::wrong_number_of_inputs;
    case rule::value: return mistake::attribute_out_of_range;
    case rule::budget: return mistake::attribute_out_of_range;
  }
  return mistake::none;
}

struct node_head {
  const op_def* op;
  rounding round = rounding::none;
  bool by_law = false;
  activation act = activation::none;
  bool has_law = false;
  law own_law = law::tflite_ref;
  std::int32_t line = 0;
};

/// A millionth as an integer, for messages about scales (floating point cannot be a template
/// argument everywhere).
constexpr std::int32_t millionths(double v) {
  return !(v > -2000 && v < 2000) ? INT32_MIN
                                  : static_cast<std::int32_t>(v * 1e6 + (v < 0 ? -0.5 : 0.5));
}

template <int C>
constexpr bool check_quantization(network<C>& n, const tensor_info& t, std::int32_t line) {
  if (t.channels == 0 && t.scale == 0) return true;
  if (t.channels == 0 && !(t.scale > 0 && t.scale < 1e300))
    return n.fail(mistake::scale_not_positive, dims{1}, dims{millionths(t.scale)}, line);
  if (!is_float(t.type) && (t.zero_point < lowest_of(t.type) || t.zero_point > highest_of(t.type)))
    return n.fail(mistake::zero_point_out_of_range,
                  dims{static_cast<std::int32_t>(lowest_of(t.type)),
                       static_cast<std::int32_t>(highest_of(t.type))},
                  dims{t.zero_point}, line);
  return true;
}

inline constexpr std::size_t most_operands = 32;  // of one node

/// Appends one node whose inputs are tensors of `n`; shapes of its outputs come from the operator's
/// own rule. `outs`: type and quantization of each output; an output whose role is state is that
/// input's state, `axis` says which input. True where all went well; the results' indices in `ids`.
template <int C>
constexpr bool append(network<C>& n, const node_head& head, std::span<const std::int32_t> ins,
                      const attribute_list& attrs, std::span<const tensor_info> outs,
                      std::int32_t* ids) {
  if (n.wrong.what != mistake::none) return false;
  const op_def& op = *head.op;
  const auto in_count = static_cast<std::int32_t>(ins.size()),
             out_count = static_cast<std::int32_t>(outs.size());
  if (in_count < op.min_inputs || (op.max_inputs >= 0 && in_count > op.max_inputs))
    return n.fail(mistake::wrong_number_of_inputs, dims{op.min_inputs, op.max_inputs},
                  dims{in_count}, head.line);
  if (!n.room_for(out_count, attrs.count, in_count + out_count, attribute_list::number_room,
                  head.line))
    return false;

  if (ins.size() > most_operands || outs.size() > 16)
    return n.fail(mistake::wrong_number_of_inputs,
                  dims{0, static_cast<std::int32_t>(most_operands)}, dims{in_count}, head.line);
  std::array<tensor_desc, most_operands> in_desc{};
  std::array<bool, most_operands> given{};
  std::array<std::span<const std::byte>, most_operands> no_constants{};
  for (std::size_t i = 0; i < ins.size(); ++i) {
    given[i] = ins[i] >= 0;
    if (!given[i]) continue;
    in_desc[i].type = n.tensors[ins[i]].type;
    in_desc[i].shape = unpack(n.tensors[ins[i]].shape);
  }
  std::array<tensor_desc, 16> out_desc{};
  for (std::size_t i = 0; i < outs.size(); ++i) {
    out_desc[i].type = outs[i].type;
    if (outs[i].role != role::state) continue;
    const std::int32_t state = outs[i].axis >= 0 && outs[i].axis < in_count
                                   ? ins[static_cast<std::size_t>(outs[i].axis)]
                                   : -1;
    if (state < 0 || n.tensors[state].role != role::state)
      return n.fail(mistake::not_a_state, dims{outs[i].axis}, dims{static_cast<std::int32_t>(i)},
                    head.line);
    if (n.has_writer(state))
      return n.fail(mistake::state_written_twice, dims{1}, dims{2}, head.line);
    out_desc[i].type = n.tensors[state].type;
  }
  std::array<attribute, attribute_list::room> list{};
  for (std::int32_t i = 0; i < attrs.count; ++i) {
    const attribute_info& a = attrs.list[i];
    attribute& to = list[static_cast<std::size_t>(i)];
    to.key = a.key;
    if (a.type == attribute_value::kind::integer)
      to.value = attribute_value(a.integer);
    else if (a.type == attribute_value::kind::real)
      to.value = attribute_value(a.real);
    else if (a.type == attribute_value::kind::integers)
      to.value = attribute_value(std::span<const std::int64_t>(attrs.integers + a.first,
                                                               static_cast<std::size_t>(a.count)));
    else
      to.value = attribute_value(
          std::span<const double>(attrs.reals + a.first, static_cast<std::size_t>(a.count)));
  }
  const attribute_view view(
      std::span<const attribute>(list.data(), static_cast<std::size_t>(attrs.count)));
  const node_view node{{in_desc.data(), ins.size()},
                       {out_desc.data(), outs.size()},
                       {no_constants.data(), ins.size()},
                       {given.data(), ins.size()},
                       &view,
                       head.round};
  std::array<dims, 16> shapes{};
  if (op.shape) {
    const status s = op.shape(node, std::span<dims>(shapes.data(), outs.size()));
    if (!s)
      return n.fail(mistake_of(s.broken().what, op), s.broken().expected, s.broken().found,
                    head.line);
  } else {
    for (std::size_t i = 0; i < outs.size(); ++i) shapes[i] = unpack(outs[i].shape);
  }

  node_info to{};
  to.op = head.op;
  to.round = head.round;
  to.by_law = head.by_law;
  to.act = head.act;
  to.has_law = head.has_law;
  to.own_law = head.own_law;
  to.line = head.line;
  to.first_in = n.operand_count;
  to.ins = in_count;
  for (std::int32_t t : ins) n.operands[n.operand_count++] = t;
  to.first_out = n.operand_count;
  to.outs = out_count;
  for (std::size_t i = 0; i < outs.size(); ++i) {
    tensor_info t = outs[i];
    if (t.role == role::state) {
      ids[i] = ins[static_cast<std::size_t>(t.axis)];
      n.operands[n.operand_count++] = ids[i];
      continue;
    }
    t.role = role::value;
    t.shape = pack(shapes[i]);
    if (!check_quantization(n, t, head.line)) return false;
    ids[i] = n.tensor_count;
    n.operands[n.operand_count++] = n.tensor_count;
    n.tensors[n.tensor_count++] = t;
  }
  to.first_attr = n.attr_count;
  to.attrs = attrs.count;
  for (std::int32_t i = 0; i < attrs.count; ++i) {
    attribute_info a = attrs.list[i];
    const std::int32_t from = a.first;
    if (a.type == attribute_value::kind::integers) {
      a.first = n.integer_count;
      for (std::int32_t k = 0; k < a.count; ++k)
        n.integers[n.integer_count++] = attrs.integers[from + k];
    } else if (a.type == attribute_value::kind::reals) {
      a.first = n.real_count;
      for (std::int32_t k = 0; k < a.count; ++k) n.reals[n.real_count++] = attrs.reals[from + k];
    }
    n.attrs[n.attr_count++] = a;
  }
  n.nodes[n.node_count++] = to;
  return true;
}

}  // namespace detail
}  // namespace typed
OCTET_NAMESPACE_END

// ---- octet/typed/operators.hpp
// The operators as people write them: values go in, values come out; `|` chains those with one
// input.

#include <optional>


OCTET_NAMESPACE_BEGIN
namespace typed {

namespace detail {

/// An operator waiting for its first input: what stands right of `|`.
template <class F> struct pending {
  F apply;
  template <int C> constexpr value<C> operator()(const value<C>& x) const { return apply(x); }
};
template <class F> pending(F) -> pending<F>;

template <int C> constexpr const tensor_info& first(const value<C>& x) {
  return x.net.tensors[x.out[0]];
}
/// The value after one more node with one result.
template <int C>
constexpr value<C> then(value<C> v, const node_head& head, std::span<const std::int32_t> ins,
                        const attribute_list& attrs, const tensor_info& out) {
  std::int32_t id[1]{};
  if (append(v.net, head, ins, attrs, {&out, 1}, id)) v.out[0] = id[0];
  v.outs = 1;
  v.out_name[0] = nullptr;
  return v;
}
template <int C>
constexpr value<C> broken(value<C> v, mistake m, const dims& want, const dims& got,
                          std::int32_t line) {
  v.net.fail(m, want, got, line);
  return v;
}
/// A value of b's graph inside a's.
template <int C, int D> constexpr std::int32_t join(value<C>& a, const value<D>& b) {
  std::int32_t map[network<D>::tensor_room]{};
  merge(a.net, b.net, map);
  return a.net.wrong.what == mistake::none ? map[b.out[0]] : 0;
}
constexpr tensor_info typed_as(dtype type, affine q) {
  tensor_info t{};
  t.type = type;
  t.scale = q.scale;
  t.zero_point = q.zero_point;
  return t;
}
template <class T> constexpr tensor_info named_as(role r, const char* name) {
  tensor_info t = typed_as(T::type, T::quantization);
  t.role = r;
  t.shape = pack(T::shape::extents);
  t.name = name;
  return t;
}
constexpr bool is_accumulator(const tensor_info& t) {
  return t.type == dtype::s32 || t.type == dtype::s64;
}
constexpr bool is_quantized_type(dtype t) { return is_8bit(t) || t == dtype::s16; }
/// The mistake of giving x to an operator on quantized values; none where it is one.
constexpr mistake why_not_quantized(const tensor_info& x) {
  return is_accumulator(x)            ? mistake::missing_requantize
         : is_float(x.type)           ? mistake::missing_quantize
         : !is_quantized_type(x.type) ? mistake::element_types_differ
         : !x.quantized()             ? mistake::missing_quantize
                                      : mistake::none;
}
template <int C>
constexpr bool need_quantized(value<C>& v, const tensor_info& x, std::int32_t line) {
  const mistake m = why_not_quantized(x);
  return m == mistake::none || v.net.fail(m, dims{static_cast<std::int32_t>(dtype::s8)},
                                          dims{static_cast<std::int32_t>(x.type)}, line);
}

}  // namespace detail

/// x | op: op applied to x. Left to right, as data flows.
template <int C, class F>
constexpr value<C> operator|(const value<C>& x, const detail::pending<F>& op) {
  return x.net.wrong.what == mistake::none ? op(x) : x;
}

// ---- values and constants ----

/// An input of the graph. Inputs of one name are one input; two inputs need two names.
template <class T, int Capacity = default_capacity>
constexpr value<Capacity> input(const char* name = "input", std::int32_t line = __builtin_LINE()) {
  value<Capacity> v{};
  const detail::tensor_info t = detail::named_as<T>(detail::role::input, name);
  if (t.scale != 0 || t.zero_point != 0) detail::check_quantization(v.net, t, line);
  v.out[0] = v.net.add_tensor(t, line);
  v.outs = 1;
  return v;
}

/// Memory that a graph keeps from run to run, until reset(): what recurrent operators read and
/// write. One state has one writer; `name` tells states of one type apart. It starts as real zero.
template <class T, int Capacity = default_capacity>
constexpr value<Capacity> state(const char* name, std::int32_t line = __builtin_LINE()) {
  value<Capacity> v{};
  v.out[0] = v.net.add_tensor(detail::named_as<T>(detail::role::state, name), line);
  v.outs = 1;
  return v;
}

/// Weights, biases, tables: static memory of the caller with its element type, count and
/// quantization. Data in another translation unit
/// (`extern const std::int8_t w[432];`) compiles fastest. The memory must stay for as long as the
/// graph is used.
struct constant {
  dtype type = dtype::f32;
  const void* data = nullptr;
  std::size_t count = 0;
  double scale = 0;
  std::int32_t zero_point = 0;
  const float* scales32 = nullptr;
  const double* scales64 = nullptr;
  std::int32_t channels = 0;
  const std::int32_t* zero_points = nullptr;

  constexpr constant() = default;
  template <class T, std::size_t N>
  constexpr constant(const T (&a)[N]) : type(dtype_of<T>), data(a), count(N) {}  // NOLINT
  template <class T, std::size_t N>
  constexpr constant(const std::array<T, N>& a)
      : type(dtype_of<T>), data(a.data()), count(N) {}  // NOLINT
  template <class T>
  constexpr constant(std::span<const T> a)
      : type(dtype_of<T>), data(a.data()), count(a.size()) {}  // NOLINT
  constexpr bool present() const { return count != 0; }
};
/// Weights with one scale (and zero point) for all.
constexpr constant per_tensor(constant w, double scale, std::int32_t zero_point = 0) {
  w.scale = scale;
  w.zero_point = zero_point;
  return w;
}
/// Weights with one scale per output channel.
template <class S, std::size_t N> constexpr constant per_channel(constant w, const S (&scales)[N]) {
  if constexpr (std::is_same_v<S, float>)
    w.scales32 = scales;
  else
    w.scales64 = scales;
  w.channels = static_cast<std::int32_t>(N);
  return w;
}
template <class S, std::size_t N>
constexpr constant per_channel(constant w, const S (&scales)[N],
                               const std::int32_t (&zero_points)[N]) {
  constant c = per_channel(w, scales);
  c.zero_points = zero_points;
  return c;
}

namespace detail {
constexpr tensor_info constant_info(const constant& c, const dims& shape, std::int32_t axis) {
  tensor_info t{};
  t.type = c.type;
  t.role = role::constant;
  t.shape = pack(shape);
  t.scale = c.channels == 0 ? c.scale : 0;
  t.zero_point = c.zero_point;
  t.scales32 = c.scales32;
  t.scales64 = c.scales64;
  t.channels = c.channels;
  t.zero_points = c.zero_points;
  t.axis = c.channels != 0 ? axis : 0;
  t.data = c.data;
  t.bytes = c.count * size_of(c.type);
  return t;
}
}  // namespace detail

/// Several results: `outputs(scores, boxes)`.
template <int C, class... V> constexpr value<C> outputs(value<C> a, const V&... more) {
  (
      [&] {
        std::int32_t map[decltype(more.net)::tensor_room]{};
        detail::merge(a.net, more.net, map);
        if (a.net.wrong.what != mistake::none) return;
        for (std::int32_t i = 0; i < more.outs && a.outs < 16; ++i) {
          a.out_name[a.outs] = more.out_name[i];
          a.out[a.outs++] = map[more.out[i]];
        }
      }(),
      ...);
  return a;
}
/// The name a result goes by: `x | named("scores")`.
constexpr auto named(const char* name) {
  return detail::pending{[name]<int C>(value<C> v) {
    v.out_name[0] = name;
    return v;
  }};
}

// ---- any operator, by its IR form ----

/// Type of a result: by default that of the first input.
struct result_type {
  bool keep = true;
  dtype type = dtype::u8;
  affine quantization{};
  constexpr result_type() = default;
  constexpr result_type(dtype t, affine q = {})
      : keep(false), type(t), quantization(q) {}  // NOLINT
  std::int32_t state = -1;
};
/// The result that is the node's new state: input i, which must be a state.
constexpr result_type updates(std::int32_t i) {
  result_type t;
  t.state = i;
  return t;
}
/// An attribute by the name that the IR prints.
struct attr {
  const char* key;
  attribute_value::kind type;
  std::int64_t integer = 0;
  double real = 0;
  std::array<std::int64_t, 32> integers{};
  std::array<double, 32> reals{};
  std::size_t count = 0;
  constexpr attr(const char* k, int v) : key(k), type(attribute_value::kind::integer), integer(v) {}
  constexpr attr(const char* k, std::int64_t v)
      : key(k), type(attribute_value::kind::integer), integer(v) {}
  constexpr attr(const char* k, double v) : key(k), type(attribute_value::kind::real), real(v) {}
  template <class T>
  constexpr attr(const char* k, std::initializer_list<T> v)
      : key(k),
        type(std::is_floating_point_v<T> ? attribute_value::kind::reals
                                         : attribute_value::kind::integers),
        count(v.size()) {
    if constexpr (std::is_floating_point_v<T>)
      std::copy(v.begin(), v.end(), reals.begin());
    else
      std::copy(v.begin(), v.end(), integers.begin());
  }
};
struct attrs {
  detail::attribute_list list{};
  template <class... A> constexpr attrs(const A&... a) { (add(a), ...); }  // NOLINT

 private:
  constexpr void add(const attr& a) {
    if (a.type == attribute_value::kind::integer)
      list.integer(a.key, a.integer);
    else if (a.type == attribute_value::kind::real)
      list.real(a.key, a.real);
    else if (a.type == attribute_value::kind::integers)
      list.integer_list(a.key, std::span<const std::int64_t>(a.integers.data(), a.count));
    else
      list.real_list(a.key, std::span<const double>(a.reals.data(), a.count));
  }
};
/// A constant input with its shape; `axis`: that of per-channel scales.
struct shaped_constant {
  detail::tensor_info info;
};
constexpr shaped_constant shaped(const constant& c, const dims& shape, std::int32_t axis = 0) {
  return {detail::constant_info(c, shape, axis)};
}
/// An optional input that is not there.
struct absent_t {};
inline constexpr absent_t absent{};

/// Types of the results of node().
struct results {
  std::array<result_type, 16> list{};
  std::size_t count = 1;
  constexpr results() = default;
  constexpr results(dtype t, affine q = {}) : list{result_type(t, q)} {}  // NOLINT
  constexpr results(std::initializer_list<result_type> l) : count(l.size()) {
    std::copy(l.begin(), l.end(), list.begin());
  }
};

namespace detail {
constexpr tensor_info result_info(const result_type& r, const tensor_info& first) {
  if (r.state >= 0) {
    tensor_info t{};
    t.role = role::state;
    t.axis = r.state;
    return t;
  }
  if (!r.keep) return typed_as(r.type, r.quantization);
  tensor_info t = first;
  t.role = role::value;
  t.name = nullptr;
  t.data = nullptr;
  t.bytes = 0;
  return t;
}
template <int C> constexpr std::int32_t operand(value<C>& v, const absent_t&, std::int32_t) {
  (void)v;
  return -1;
}
template <int C>
constexpr std::int32_t operand(value<C>& v, const shaped_constant& c, std::int32_t line) {
  if (const std::size_t want = unpack(c.info.shape).elements().value * size_of(c.info.type);
      want != c.info.bytes)
    v.net.fail(mistake::weight_count_differs, unpack(c.info.shape),
               dims{static_cast<std::int32_t>(c.info.bytes / size_of(c.info.type))}, line);
  return v.net.add_tensor(c.info, line);
}
template <int C, int D>
constexpr std::int32_t operand(value<C>& v, const value<D>& x, std::int32_t) {
  return join(v, x);
}
}  // namespace detail

/// Any operator of the list in its IR form: attributes by name, rounding as the IR prints it. x:
/// its first input; more: the others in order (values, shaped constants, absent). Every operator
/// has this form; the builders below are for those that deserve better.
template <int C, class... V>
constexpr value<C> node(const op_def& op, const attrs& a, const results& out, rounding round,
                        const value<C>& x, const V&... more) {
  value<C> v = x;
  if (v.net.wrong.what != mistake::none) return v;
  std::array<std::int32_t, 1 + sizeof...(V)> ins{x.out[0]};
  std::size_t k = 1;
  ((ins[k++] = detail::operand(v, more, 0)), ...);
  if (v.net.wrong.what != mistake::none) return v;
  std::array<detail::tensor_info, 16> types{};
  for (std::size_t i = 0; i < out.count; ++i)
    types[i] = detail::result_info(out.list[i], v.net.tensors[ins[0] < 0 ? 0 : ins[0]]);
  std::int32_t ids[16]{};
  detail::node_head head{&op, round};
  if (detail::append(v.net, head, ins, a.list, {types.data(), out.count}, ids)) {
    for (std::size_t i = 0; i < out.count; ++i) v.out[i] = ids[i], v.out_name[i] = nullptr;
    v.outs = static_cast<std::int32_t>(out.count);
  }
  return v;
}
/// The same as the right-hand side of `|`.
template <class... V>
constexpr auto apply(const op_def& op, attrs a = {}, results out = {},
                     rounding round = rounding::none, const V&... more) {
  return detail::pending{[&op, a, out, round, ... more = more]<int C>(const value<C>& x) {
    return node(op, a, out, round, x, more...);
  }};
}

// ---- with weights ----

struct window {
  std::int32_t h = 1, w = 1;
};
/// Padding of an image: `same` as TensorFlow's, `valid` none, or explicit.
struct padding {
  bool is_same = false;
  std::int32_t top = 0, left = 0, bottom = 0, right = 0;
};
inline constexpr padding same{true};
inline constexpr padding valid{};
constexpr padding pad_by(std::int32_t top, std::int32_t left, std::int32_t bottom,
                         std::int32_t right) {
  return {false, top, left, bottom, right};
}

struct conv2d_options {
  std::int32_t filters = 0;  // output channels
  window kernel{1, 1}, stride{1, 1}, dilation{1, 1};
  typed::padding padding = same;
  std::int32_t groups = 1;
  typed::activation activation = activation::none;
  std::optional<dtype> type{};      // of the output; none: that of the input
  rounding round = rounding::none;  // none: by the graph's law
};
struct depthwise_conv2d_options {
  std::int32_t multiplier = 1;  // output channels per input channel
  window kernel{3, 3}, stride{1, 1}, dilation{1, 1};
  typed::padding padding = same;
  typed::activation activation = activation::none;
  std::optional<dtype> type{};
  rounding round = rounding::none;
};
struct transpose_conv2d_options {
  std::int32_t filters = 0;  // output channels
  window kernel{2, 2}, stride{2, 2}, dilation{1, 1};
  typed::padding padding = same;  // same: the output is stride times the input; valid and explicit:
                                  // what the kernel reaches, cropped by this much
  window output_padding{0, 0};    // rows and columns more at the bottom and right; not with `same`
  std::int32_t groups = 1;
  typed::activation activation = activation::none;
  std::optional<dtype> type{};
  rounding round = rounding::none;
};
struct dense_options {
  std::int32_t units = 0;  // outputs
  typed::activation activation = activation::none;
  bool keep_dims = false;  // [..., K] to [..., units] instead of [batch, units]
  std::optional<dtype> type{};
  rounding round = rounding::none;
  constexpr dense_options() = default;
  constexpr dense_options(std::int32_t n, typed::activation a = activation::none)
      : units(n), activation(a) {}  // NOLINT
};

namespace detail {
template <class A>
constexpr void set_padding(A& a, const padding& p, const dims& x, window kernel, window stride,
                           window dilation) {
  if (p.is_same) {
    const auto rows = laws::same_padding(x[1], kernel.h, stride.h, dilation.h),
               columns = laws::same_padding(x[2], kernel.w, stride.w, dilation.w);
    a.pad_top = rows.before, a.pad_bottom = rows.after;
    a.pad_left = columns.before, a.pad_right = columns.after;
  } else {
    a.pad_top = p.top, a.pad_left = p.left, a.pad_bottom = p.bottom, a.pad_right = p.right;
  }
}
/// Node with weights w (of this shape, scales along `axis`) and bias: checks counts, then lets the
/// operator's rule speak.
template <int C>
constexpr value<C> weighted(const value<C>& x, const op_def& op, const attribute_list& a,
                            const constant& w, const dims& w_shape, std::int32_t axis,
                            std::int32_t channels, const constant& bias, const affine& q,
                            std::optional<dtype> out, activation act, rounding round,
                            std::int32_t line) {
  value<C> v = x;
  const tensor_info in = first(x);
  if (!need_quantized(v, in, line)) return v;
  if (!is_quantized_type(w.type))
    return broken(v, mistake::element_types_differ, dims{static_cast<std::int32_t>(dtype::s8)},
                  dims{static_cast<std::int32_t>(w.type)}, line);
  if (w_shape.elements().value != w.count)
    return broken(v, mistake::weight_count_differs,
                  dims{static_cast<std::int32_t>(w_shape.elements().value)},
                  dims{static_cast<std::int32_t>(w.count)}, line);
  if (w.channels != 0 && w.channels != channels)
    return broken(v, mistake::scale_count_differs, dims{channels}, dims{w.channels}, line);
  if (w.channels == 0 && !(w.scale > 0))
    return broken(v, mistake::scale_not_positive, dims{1}, dims{millionths(w.scale)}, line);
  if (bias.present() && bias.count != static_cast<std::size_t>(channels))
    return broken(v, mistake::bias_count_differs, dims{channels},
                  dims{static_cast<std::int32_t>(bias.count)}, line);
  std::int32_t ins[3]{x.out[0], v.net.add_tensor(constant_info(w, w_shape, axis), line), -1};
  if (bias.present()) ins[2] = v.net.add_tensor(constant_info(bias, dims{channels}, 0), line);
  const bool accumulates = q.scale == 0 && round == rounding::none;
  if (!accumulates && !(q.scale > 0))
    return broken(v, mistake::scale_not_positive, dims{1}, dims{millionths(q.scale)}, line);
  tensor_info y =
      accumulates
          ? typed_as(laws::accumulator_type(in.type, bias.present() && bias.type == dtype::s32),
                     {w.channels == 0 ? laws::accumulator_scale(false, in.scale, w.scale) : 0, 0})
          : typed_as(out.value_or(in.type), q);
  node_head head{.op = &op,
                 .round = round,
                 .by_law = !accumulates && round == rounding::none,
                 .act = act,
                 .line = line};
  return then(v, head, {ins, bias.present() ? std::size_t{3} : std::size_t{2}}, a, y);
}
}  // namespace detail

/// 2-D convolution of x [N,H,W,C] with w [filters, kernel.h, kernel.w, C / groups]. Without an
/// output quantization the result is the int32 (int16 activations: int64) accumulators; put
/// requantize after them.
constexpr auto conv2d(conv2d_options o, constant w, constant bias = {}, affine out = {},
                      std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    const dims s = detail::unpack(detail::first(x).shape);
    if (s.rank != 4) return detail::broken(x, mistake::wrong_rank, dims{4}, dims{s.rank}, line);
    if (o.groups < 1 || s[3] % o.groups != 0)
      return detail::broken(x, mistake::groups_do_not_divide_channels, dims{s[3]}, dims{o.groups},
                            line);
    conv2d_attrs a;
    a.stride_h = o.stride.h, a.stride_w = o.stride.w, a.dilation_h = o.dilation.h,
    a.dilation_w = o.dilation.w, a.groups = o.groups;
    detail::set_padding(a, o.padding, s, o.kernel, o.stride, o.dilation);
    detail::attribute_list list{};
    detail::append_attributes(list, a);
    return detail::weighted(x, ops::conv2d, list, w,
                            dims{o.filters, o.kernel.h, o.kernel.w, s[3] / o.groups}, 0, o.filters,
                            bias, out, o.type, o.activation, o.round, line);
  }};
}
/// Depthwise convolution of x [N,H,W,C] with w [kernel.h, kernel.w, C * multiplier].
constexpr auto depthwise_conv2d(depthwise_conv2d_options o, constant w, constant bias = {},
                                affine out = {}, std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    const dims s = detail::unpack(detail::first(x).shape);
    if (s.rank != 4) return detail::broken(x, mistake::wrong_rank, dims{4}, dims{s.rank}, line);
    conv2d_attrs a;
    a.stride_h = o.stride.h, a.stride_w = o.stride.w, a.dilation_h = o.dilation.h,
    a.dilation_w = o.dilation.w;
    detail::set_padding(a, o.padding, s, o.kernel, o.stride, o.dilation);
    detail::attribute_list list{};
    detail::append_attributes(list, a);
    const std::int32_t channels = s[3] * o.multiplier;
    return detail::weighted(x, ops::depthwise_conv2d, list, w,
                            dims{1, o.kernel.h, o.kernel.w, channels}, 3, channels, bias, out,
                            o.type, o.activation, o.round, line);
  }};
}
/// Transposed convolution of x [N,H,W,C] with w [filters, kernel.h, kernel.w, C / groups].
constexpr auto transpose_conv2d(transpose_conv2d_options o, constant w, constant bias = {},
                                affine out = {}, std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    const dims s = detail::unpack(detail::first(x).shape);
    if (s.rank != 4) return detail::broken(x, mistake::wrong_rank, dims{4}, dims{s.rank}, line);
    if (o.groups < 1 || s[3] % o.groups != 0)
      return detail::broken(x, mistake::groups_do_not_divide_channels, dims{s[3]}, dims{o.groups},
                            line);
    transpose_conv2d_attrs a;
    a.stride_h = o.stride.h, a.stride_w = o.stride.w, a.dilation_h = o.dilation.h,
    a.dilation_w = o.dilation.w, a.groups = o.groups;
    a.output_padding_h = o.output_padding.h, a.output_padding_w = o.output_padding.w;
    a.pad_top = o.padding.top, a.pad_left = o.padding.left, a.pad_bottom = o.padding.bottom,
    a.pad_right = o.padding.right;
    if (o.padding.is_same) {
      const auto rows = laws::transposed_padding((o.kernel.h - 1) * o.dilation.h + 1 - o.stride.h),
                 columns =
                     laws::transposed_padding((o.kernel.w - 1) * o.dilation.w + 1 - o.stride.w);
      a.pad_top = rows.before, a.pad_bottom = rows.after, a.output_padding_h = rows.more;
      a.pad_left = columns.before, a.pad_right = columns.after, a.output_padding_w = columns.more;
    }
    detail::attribute_list list{};
    detail::append_attributes(list, a);
    return detail::weighted(x, ops::transpose_conv2d, list, w,
                            dims{o.filters, o.kernel.h, o.kernel.w, s[3] / o.groups}, 0, o.filters,
                            bias, out, o.type, o.activation, o.round, line);
  }};
}
/// Fully connected layer: x flattened to [elements / K, K], w [units, K].
constexpr auto dense(dense_options o, constant w, constant bias = {}, affine out = {},
                     std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    const dims s = detail::unpack(detail::first(x).shape);
    std::int32_t k = s.back(0);
    if (!o.keep_dims)  // [N, H, W, C] counts as [N, H * W * C]
      for (int i = 1; i + 1 < s.rank; ++i) k *= s[i];
    fully_connected_attrs a;
    a.keep_dims = o.keep_dims;
    detail::attribute_list list{};
    detail::append_attributes(list, a);
    return detail::weighted(x, ops::fully_connected, list, w, dims{o.units, k}, 0, o.units, bias,
                            out, o.type, o.activation, o.round, line);
  }};
}

// ---- quantize, dequantize, requantize ----

/// float32 to quantized values.
constexpr auto quantize(affine q, dtype type = dtype::u8, rounding round = rounding::none,
                        std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    const detail::tensor_info& t = detail::first(x);
    if (t.type != dtype::f32)
      return detail::broken(x, mistake::missing_dequantize,
                            dims{static_cast<std::int32_t>(dtype::f32)},
                            dims{static_cast<std::int32_t>(t.type)}, line);
    if (!(q.scale > 0))
      return detail::broken(x, mistake::scale_not_positive, dims{1},
                            dims{detail::millionths(q.scale)}, line);
    return detail::then(
        x, {.op = &ops::quantize, .round = round, .by_law = round == rounding::none, .line = line},
        {x.out, 1}, detail::attribute_list{}, detail::typed_as(type, q));
  }};
}
/// Quantized values to float32.
constexpr auto dequantize(std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    const detail::tensor_info& t = detail::first(x);
    if (is_float(t.type) || !t.quantized())
      return detail::broken(x, mistake::missing_quantize,
                            dims{static_cast<std::int32_t>(dtype::s8)},
                            dims{static_cast<std::int32_t>(t.type)}, line);
    return detail::then(x, {.op = &ops::dequantize, .by_law = true, .line = line}, {x.out, 1},
                        detail::attribute_list{}, detail::typed_as(dtype::f32, {}));
  }};
}
namespace detail {
template <int C>
constexpr value<C> requantized(const value<C>& x, affine q, std::optional<dtype> type,
                               rounding round, bool has_law, law own, activation act,
                               std::int32_t line) {
  const tensor_info t = first(x);
  if (is_float(t.type))
    return broken(x, mistake::missing_quantize, dims{static_cast<std::int32_t>(dtype::s8)},
                  dims{static_cast<std::int32_t>(t.type)}, line);
  if (!(q.scale > 0))
    return broken(x, mistake::scale_not_positive, dims{1}, dims{millionths(q.scale)}, line);
  const dtype to = type.value_or(is_accumulator(t) ? dtype::s8 : t.type);
  // Accumulators: one node that accumulates and requantizes. The accumulating one stays if
  // something else reads it.
  if (is_accumulator(t))
    for (std::int32_t k = x.net.node_count - 1; k >= 0; --k) {
      const node_info by = x.net.nodes[k];
      if (by.outs != 1 || x.net.operands[by.first_out] != x.out[0]) continue;
      if (by.round != rounding::none || by.by_law) break;
      attribute_list a{};
      for (std::int32_t i = 0; i < by.attrs; ++i)
        a.list[a.count++] = x.net.attrs[by.first_attr + i];
      for (std::int32_t i = 0; i < by.attrs; ++i) {
        if (a.list[i].type != attribute_value::kind::integers) continue;
        const std::int32_t from = a.list[i].first;
        a.list[i].first = a.integer_count;
        for (std::int32_t j = 0; j < a.list[i].count; ++j)
          a.integers[a.integer_count++] = x.net.integers[from + j];
      }
      return then(x,
                  {.op = by.op,
                   .round = round,
                   .by_law = round == rounding::none,
                   .act = act,
                   .has_law = has_law,
                   .own_law = own,
                   .line = line},
                  {x.net.operands + by.first_in, static_cast<std::size_t>(by.ins)}, a,
                  typed_as(to, q));
    }
  if (!t.quantized())
    return broken(x, mistake::missing_quantize, dims{static_cast<std::int32_t>(dtype::s8)},
                  dims{static_cast<std::int32_t>(t.type)}, line);
  return then(x,
              {.op = &ops::requantize,
               .round = round,
               .by_law = round == rounding::none,
               .act = act,
               .has_law = has_law,
               .own_law = own,
               .line = line},
              {x.out, 1}, attribute_list{}, typed_as(to, q));
}
}  // namespace detail
struct requantize_options {
  std::optional<dtype> type{};  // of the result; none: as the input (accumulators: int8)
  typed::activation activation = activation::none;
  rounding round = rounding::none;
};
/// To another scale, zero point or element type, by the graph's law.
constexpr auto requantize(affine q, requantize_options o = {},
                          std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    return detail::requantized(x, q, o.type, o.round, false, law::tflite_ref, o.activation, line);
  }};
}
/// The same by law L, whatever the graph's is.
template <law L>
constexpr auto requantize(affine q, requantize_options o = {},
                          std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    return detail::requantized(x, q, o.type, o.round, true, L, o.activation, line);
  }};
}

// ---- two operands and more ----

struct binary_options {
  typed::activation activation = activation::none;
  std::optional<dtype> type{};
  rounding round = rounding::none;
};
namespace detail {
template <int C, int D>
constexpr value<C> binary(const op_def& quantized, const op_def& plain, const value<C>& a,
                          const value<D>& b, affine q, const binary_options& o, std::int32_t line) {
  value<C> v = a;
  if (v.net.wrong.what != mistake::none) return v;
  const std::int32_t other = join(v, b);
  if (v.net.wrong.what != mistake::none) return v;
  const tensor_info x = v.net.tensors[a.out[0]], y = v.net.tensors[other];
  if (x.type != y.type &&
      (is_float(x.type) || is_float(y.type) || is_accumulator(x) || is_accumulator(y)))
    return broken(v,
                  is_accumulator(x) || is_accumulator(y) ? mistake::missing_requantize
                                                         : mistake::missing_quantize,
                  dims{static_cast<std::int32_t>(x.type)}, dims{static_cast<std::int32_t>(y.type)},
                  line);
  const std::int32_t ins[2]{a.out[0], other};
  if (is_float(x.type) || (is_accumulator(x) && !x.quantized()))
    return then(v, {.op = &plain, .act = o.activation, .line = line}, ins, attribute_list{},
                typed_as(x.type, {}));
  if (!need_quantized(v, x, line) || !need_quantized(v, y, line)) return v;
  if (!(q.scale > 0))
    return broken(v, mistake::scale_not_positive, dims{1}, dims{millionths(q.scale)}, line);
  return then(v,
              {.op = &quantized,
               .round = o.round,
               .by_law = o.round == rounding::none,
               .act = o.activation,
               .line = line},
              ins, attribute_list{}, typed_as(o.type.value_or(x.type), q));
}
}  // namespace detail
/// a + b with broadcasting. Quantized operands need the result's quantization.
template <int C, int D>
constexpr value<C> add(const value<C>& a, const value<D>& b, affine q = {}, binary_options o = {},
                       std::int32_t line = __builtin_LINE()) {
  return detail::binary(ops::qnn_add, ops::add, a, b, q, o, line);
}
template <int C, int D>
constexpr value<C> sub(const value<C>& a, const value<D>& b, affine q = {}, binary_options o = {},
                       std::int32_t line = __builtin_LINE()) {
  return detail::binary(ops::qnn_sub, ops::sub, a, b, q, o, line);
}
template <int C, int D>
constexpr value<C> mul(const value<C>& a, const value<D>& b, affine q = {}, binary_options o = {},
                       std::int32_t line = __builtin_LINE()) {
  return detail::binary(ops::qnn_mul, ops::mul, a, b, q, o, line);
}

namespace detail {
struct concat_head {
  std::int32_t axis;
  affine q;
  std::int32_t line;
  /// axis; result's quantization where it is not the first input's.
  template <int C, class... V>
  constexpr value<C> operator()(const value<C>& a, const V&... more) const {
    value<C> v = a;
    std::array<std::int32_t, 1 + sizeof...(V)> ins{a.out[0]};
    std::size_t k = 1;
    ((ins[k++] = v.net.wrong.what == mistake::none ? join(v, more) : 0), ...);
    if (v.net.wrong.what != mistake::none) return v;
    const tensor_info x = v.net.tensors[ins[0]];
    for (std::int32_t i : ins)
      if (const tensor_info& t = v.net.tensors[i]; t.type != x.type)
        return broken(v, mistake::element_types_differ, dims{static_cast<std::int32_t>(x.type)},
                      dims{static_cast<std::int32_t>(t.type)}, line);
    attribute_list a1{};
    append_attributes(a1, concat_attrs{axis});
    const bool quantized = is_quantized_type(x.type);
    tensor_info y = typed_as(x.type, q.scale != 0 ? q : affine{x.scale, x.zero_point});
    return then(
        v, {.op = quantized ? &ops::qnn_concat : &ops::concat, .by_law = quantized, .line = line},
        ins, a1, y);
  }
};
}  // namespace detail
/// concat(axis)(a, b, c): side by side along an axis (negative: from the end). Quantization: the
/// first input's unless given.
constexpr detail::concat_head concat(std::int32_t axis, affine q = {},
                                     std::int32_t line = __builtin_LINE()) {
  return {axis, q, line};
}

// ---- pooling and reductions ----

struct pool2d_options {
  window size{2, 2}, stride{2, 2};
  typed::padding padding = valid;
  typed::activation activation = activation::none;
  bool ceil_mode = false, count_include_pad = false;
  rounding round = rounding::none;
};
namespace detail {
constexpr auto pool(const op_def& quantized, const op_def& plain, pool2d_options o, affine q,
                    std::int32_t line) {
  return pending{[=, &quantized, &plain]<int C>(const value<C>& x) {
    const tensor_info t = first(x);
    const dims s = unpack(t.shape);
    if (s.rank != 4) return broken(x, mistake::wrong_rank, dims{4}, dims{s.rank}, line);
    value<C> v = x;
    const bool real = t.type == dtype::f32;
    if (!real && !need_quantized(v, t, line)) return v;
    pool2d_attrs a;
    a.window_h = o.size.h, a.window_w = o.size.w, a.stride_h = o.stride.h, a.stride_w = o.stride.w,
    a.ceil_mode = o.ceil_mode, a.count_include_pad = o.count_include_pad;
    set_padding(a, o.padding, s, o.size, o.stride, {1, 1});
    attribute_list list{};
    append_attributes(list, a);
    const tensor_info y = typed_as(t.type, q.scale != 0 ? q : affine{t.scale, t.zero_point});
    return then(v,
                {.op = real ? &plain : &quantized,
                 .round = o.round,
                 .by_law = o.round == rounding::none,
                 .act = o.activation,
                 .line = line},
                {x.out, 1}, list, y);
  }};
}
constexpr auto reduced(const op_def& quantized, const op_def& plain, dims axes, bool keep_dims,
                       affine q, rounding round, std::int32_t line) {
  return pending{[=, &quantized, &plain]<int C>(const value<C>& x) {
    const tensor_info t = first(x);
    value<C> v = x;
    const bool real = t.type == dtype::f32;
    if (!real && !need_quantized(v, t, line)) return v;
    attribute_list list{};
    append_attributes(list, reduce_attrs{axes, keep_dims});
    const tensor_info y = typed_as(t.type, q.scale != 0 ? q : affine{t.scale, t.zero_point});
    return then(v,
                {.op = real ? &plain : &quantized,
                 .round = round,
                 .by_law = round == rounding::none,
                 .line = line},
                {x.out, 1}, list, y);
  }};
}
}  // namespace detail
constexpr auto avg_pool2d(pool2d_options o = {}, affine q = {},
                          std::int32_t line = __builtin_LINE()) {
  return detail::pool(ops::qnn_avg_pool2d, ops::avg_pool2d, o, q, line);
}
constexpr auto max_pool2d(pool2d_options o = {}, std::int32_t line = __builtin_LINE()) {
  return detail::pool(ops::qnn_max_pool2d, ops::max_pool2d, o, {}, line);
}
/// Mean over axes; the result's quantization is the input's unless given.
constexpr auto mean(dims axes, bool keep_dims = false, affine q = {},
                    rounding round = rounding::none, std::int32_t line = __builtin_LINE()) {
  return detail::reduced(ops::qnn_mean, ops::mean, axes, keep_dims, q, round, line);
}
constexpr auto sum(dims axes, bool keep_dims = false, affine q = {},
                   rounding round = rounding::none, std::int32_t line = __builtin_LINE()) {
  return detail::reduced(ops::qnn_sum, ops::sum, axes, keep_dims, q, round, line);
}
/// Mean of every channel: [N,H,W,C] to [N,C].
constexpr auto global_avg_pool2d(affine q = {}, std::int32_t line = __builtin_LINE()) {
  return mean(dims{1, 2}, false, q, rounding::none, line);
}

// ---- shapes ----

namespace detail {
/// Operators that move elements: type and quantization stay.
template <class F> constexpr auto moved(const op_def& op, F&& set, std::int32_t line) {
  return pending{[&op, set, line]<int C>(const value<C>& x) {
    attribute_list list{};
    set(list, first(x));
    tensor_info y = first(x);
    y.name = nullptr;
    y.data = nullptr;
    y.bytes = 0;
    return then(x, {.op = &op, .line = line}, {x.out, 1}, list, y);
  }};
}
}  // namespace detail
/// The same elements under another shape; one extent may be -1.
constexpr auto reshape(dims to, std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::reshape,
      [to](detail::attribute_list& a, const detail::tensor_info&) { a.integer_list("shape", to); },
      line);
}
/// [N, ...] to [N, everything].
constexpr auto flatten(std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::reshape,
      [](detail::attribute_list& a, const detail::tensor_info& x) {
        a.integer_list("shape", dims{x.shape.rank > 0 ? x.shape.extent[0] : 1, -1});
      },
      line);
}
/// Zero (quantized: zero point) elements around height and width of an image.
constexpr auto pad2d(padding p, std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    const detail::tensor_info t = detail::first(x);
    if (t.shape.rank != 4)
      return detail::broken(x, mistake::wrong_rank, dims{4}, dims{t.shape.rank}, line);
    return detail::moved(
        t.quantized() ? ops::qnn_pad : ops::pad,
        [p](detail::attribute_list& a, const detail::tensor_info&) {
          a.integer_list("paddings", dims{0, 0, p.top, p.bottom, p.left, p.right, 0, 0});
        },
        line)(x);
  }};
}

}  // namespace typed
OCTET_NAMESPACE_END

// ---- octet/typed/builder.hpp
// A typed graph written node by node, tensors by number: what `octet codegen` writes. People use
// the operators of operators.hpp.


OCTET_NAMESPACE_BEGIN
namespace typed {

/// Keeps the order of nodes as written and merges nothing.
template <int Capacity> class builder {
 public:
  /// A tensor of this graph.
  struct ref {
    std::int32_t id = -1;
  };

  template <class T> constexpr ref input(const char* name) {
    return {net_.add_tensor(detail::named_as<T>(detail::role::input, name), 0)};
  }
  /// `first`: first contents; nothing: real zero.
  template <class T> constexpr ref state(const char* name, const constant& first = {}) {
    detail::tensor_info t = detail::named_as<T>(detail::role::state, name);
    t.data = first.data;
    t.bytes = first.count * size_of(first.type);
    return {net_.add_tensor(t, 0)};
  }
  /// The first result of a node of any operator; the others that are no states follow with next
  /// numbers.
  template <class... V>
  constexpr ref node(const op_def& op, const attrs& a, const results& out, rounding round,
                     const V&... in) {
    std::array<std::int32_t, sizeof...(V)> ins{operand(in)...};
    std::array<detail::tensor_info, 16> types{};
    for (std::size_t i = 0; i < out.count; ++i) types[i] = detail::result_info(out.list[i], {});
    std::int32_t ids[16]{};
    const detail::node_head head{&op, round};
    detail::append(net_, head, ins, a.list, {types.data(), out.count}, ids);
    return {ids[0]};
  }
  static constexpr ref result(ref first, int i) { return {first.id + i}; }
  struct named_ref {
    ref tensor;
    const char* name;
  };
  constexpr value<Capacity> outputs(std::initializer_list<named_ref> list) const {
    value<Capacity> v{};
    v.net = net_;
    for (const named_ref& o : list) {
      v.out_name[v.outs] = o.name;
      v.out[v.outs++] = o.tensor.id;
    }
    return v;
  }

 private:
  constexpr std::int32_t operand(ref r) { return r.id; }
  constexpr std::int32_t operand(absent_t) { return -1; }
  constexpr std::int32_t operand(const shaped_constant& c) { return net_.add_tensor(c.info, 0); }
  detail::network<Capacity> net_{};
};
/// The operator that the IR prints as `name`; not a constant expression where there is none.
constexpr const op_def& find(std::string_view name) { return *find_operator(name); }
/// Bytes of static memory as a constant of any element type; aligned at least to that type.
constexpr constant bytes_as(dtype type, const unsigned char* data, std::size_t count) {
  constant c;
  c.type = type;
  c.data = data;
  c.count = count;
  return c;
}

}  // namespace typed
OCTET_NAMESPACE_END

// ---- octet/typed/by_law.hpp
// What the law of a typed graph fills into its nodes: roundings, bounds of fused activations,
// precision of the accumulators' scale.


OCTET_NAMESPACE_BEGIN
namespace typed::detail {

constexpr laws::operand operand_of(const tensor_info& t) {
  return {t.type, unpack(t.shape), t.scale, t.zero_point, t.channels != 0};
}

/// A node's operands in order (null: absent), its first result and its attributes.
constexpr laws::decision decide(law l, const op_def& op, std::span<const tensor_info* const> in,
                                const tensor_info& y, const attribute_view& attrs) {
  if (!op.decide) return rounding::none;
  laws::facts f;
  f.arithmetic = l;
  f.y = operand_of(y);
  if (!in.empty() && in[0]) f.x = operand_of(*in[0]);
  if (in.size() > 1 && in[1]) f.w = operand_of(*in[1]);
  f.int32_bias = in.size() > 2 && in[2] && in[2]->type == dtype::s32;
  for (const tensor_info* t : in)
    f.keeps_quantization &= !t || (t->scale == y.scale && t->zero_point == y.zero_point);
  f.framework = laws::composed(f.x.shape);
  set_attributes(f, attrs);
  return op.decide(f);
}

}  // namespace typed::detail
OCTET_NAMESPACE_END

// ---- octet/plan/memory.hpp
// The memory layout of a graph: which tensors share bytes, how long each must exist, where it lies.
// One constexpr function, run by the compiler for typed graphs and at plan time for files.

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>


OCTET_NAMESPACE_BEGIN

/// A block that must exist from step `first` to step `last`, both included.
struct lifetime {
  std::size_t bytes = 0;
  std::int32_t first = 0, last = 0;
  std::size_t offset = 0;  // result
};

namespace detail {

/// A list of fixed length that constant evaluation may use too. Not copyable.
template <class T> class work_list {
 public:
  constexpr explicit work_list(std::size_t n) : data_(new T[n + 1]{}), size_(n) {}
  work_list(const work_list&) = delete;
  work_list& operator=(const work_list&) = delete;
  constexpr ~work_list() { delete[] data_; }
  constexpr T& operator[](std::size_t i) { return data_[i]; }
  constexpr const T& operator[](std::size_t i) const { return data_[i]; }
  constexpr std::size_t size() const { return size_; }
  constexpr T* begin() { return data_; }
  constexpr T* end() { return data_ + size_; }

 private:
  T* data_;
  std::size_t size_;
};

/// Blocks by the steps during which they exist: a segment tree over the steps, each block listed at
/// the O(log steps) nodes that together cover its life.
class alive_index {
  struct entry {
    std::int32_t block, next;
  };
  template <class F> constexpr void cover(const lifetime& b, F&& f) const {
    std::size_t l = static_cast<std::size_t>(b.first) + steps_,
                r = static_cast<std::size_t>(b.last) + 1 + steps_;
    for (; l < r; l /= 2, r /= 2) {
      if (l % 2 != 0) f(l++);
      if (r % 2 != 0) f(--r);
    }
  }

 public:
  constexpr alive_index(std::span<const lifetime> blocks, std::int32_t steps)
      : steps_(static_cast<std::size_t>(steps)), head_(2 * steps_), entries_(entries(blocks)) {}
  constexpr void add(std::int32_t block, const lifetime& b) {
    cover(b, [&](std::size_t node) {
      entries_[++used_] = {block, head_[node]};
      head_[node] = static_cast<std::int32_t>(used_);
    });
  }
  template <class F> constexpr void for_alive_at(std::int32_t step, F&& f) const {
    for (std::size_t node = static_cast<std::size_t>(step) + steps_; node > 0; node /= 2)
      for (std::int32_t e = head_[node]; e != 0; e = entries_[static_cast<std::size_t>(e)].next)
        f(entries_[static_cast<std::size_t>(e)].block);
  }

 private:
  constexpr std::size_t entries(std::span<const lifetime> blocks) const {
    std::size_t n = 0;
    for (const lifetime& b : blocks) cover(b, [&](std::size_t) { ++n; });
    return n + 1;
  }
  std::size_t steps_;
  work_list<std::int32_t> head_;  // per node: its last entry; 0: none
  work_list<entry> entries_;
  std::size_t used_ = 0;
};

}  // namespace detail

/// Greedy by size: the largest block first, each at the lowest 64-byte aligned gap that is free
/// during its whole life. Returns the arena's size in bytes. Steps count from 0. Optimal placement
/// is NP-hard; on MobileNetV2 this one is the lower bound (largest input + output pair of one
/// layer). Time: n log n, and for each block the number of blocks that exist at the same time: near
/// linear where lives are short, as in deep networks, quadratic where most blocks live together.
constexpr std::size_t place(std::span<lifetime> blocks) {
  const std::size_t n = blocks.size();
  std::int32_t steps = 1;
  for (const lifetime& b : blocks) steps = std::max(steps, b.last + 1);
  detail::work_list<std::int32_t> by_size(n), by_start(n);
  for (std::size_t i = 0; i < n; ++i) by_size[i] = by_start[i] = static_cast<std::int32_t>(i);
  const auto at = [&](std::int32_t i) -> lifetime& { return blocks[static_cast<std::size_t>(i)]; };
  std::sort(by_size.begin(), by_size.end(), [&](std::int32_t a, std::int32_t b) {
    return at(a).bytes != at(b).bytes ? at(a).bytes > at(b).bytes : a < b;
  });
  std::sort(by_start.begin(), by_start.end(),
            [&](std::int32_t a, std::int32_t b) { return at(a).first < at(b).first; });
  detail::work_list<std::int32_t> starts(static_cast<std::size_t>(steps) + 1);
  for (const lifetime& b : blocks) ++starts[static_cast<std::size_t>(b.first) + 1];
  for (std::size_t s = 1; s <= static_cast<std::size_t>(steps); ++s) starts[s] += starts[s - 1];

  detail::alive_index alive(blocks, steps);
  detail::work_list<bool> placed(n);
  detail::work_list<std::pair<std::size_t, std::size_t>> taken(n);  // begin, end
  std::size_t peak = 0;
  for (const std::int32_t k : by_size) {
    lifetime& b = at(k);
    // Blocks that exist at the same time: at b's first step, or from a later one on.
    std::size_t count = 0;
    alive.for_alive_at(b.first, [&](std::int32_t o) {
      taken[count++] = {at(o).offset, at(o).offset + at(o).bytes};
    });
    for (std::int32_t i = starts[static_cast<std::size_t>(b.first) + 1];
         i < starts[static_cast<std::size_t>(b.last) + 1]; ++i)
      if (const std::int32_t o = by_start[static_cast<std::size_t>(i)];
          placed[static_cast<std::size_t>(o)])
        taken[count++] = {at(o).offset, at(o).offset + at(o).bytes};
    std::sort(taken.begin(), taken.begin() + count);
    std::size_t offset = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (offset + b.bytes <= taken[i].first) break;
      if (taken[i].second > offset) offset = round_up(taken[i].second, alignment);
    }
    b.offset = offset;
    peak = std::max(peak, offset + b.bytes);
    placed[static_cast<std::size_t>(k)] = true;
    alive.add(k, b);
  }
  return peak;
}

/// A graph as its memory layout sees it. Tensors and operands by index; -1: an absent operand.
struct memory_graph {
  enum class kind : std::uint8_t { value, constant, state };
  struct tensor {
    std::size_t bytes;
    kind role;
  };
  struct node {
    std::int32_t first_in, ins, first_out, outs;  // ranges of `operands`
    bool alias;  // the output is the first input's bytes, if the two may share them
  };
  std::span<const tensor> tensors;
  std::span<const node> nodes;  // in execution order
  std::span<const std::int32_t> operands, inputs, outputs;
  bool keep_all = false;  // every tensor keeps its own memory for all the time
};

/// The offset of tensors that have no memory: constants, and values that no step touches.
inline constexpr std::size_t no_place = static_cast<std::size_t>(-1);

/// Where every tensor lies. The spans are the caller's and as long as the graph's lists.
struct memory_layout {
  std::span<std::size_t>
      offset;               // per tensor: of values, in the arena; of states, among the states
  std::span<bool> skipped;  // per node: it needs no step, its output is its input's bytes
  std::size_t arena = 0, states = 0;  // bytes
};

/// An alias shares its input's bytes where these live in the arena, and where no two graph outputs
/// or an input and an output would become one block.
constexpr void lay_out(const memory_graph& g, memory_layout& to) {
  const auto index = [](std::int32_t t) { return static_cast<std::size_t>(t); };
  const std::size_t count = g.tensors.size();
  detail::work_list<std::int32_t> shares(count);  // the tensor whose bytes a tensor is
  detail::work_list<bool> is_output(count), holds_input(count), holds_output(count);
  for (std::size_t t = 0; t < count; ++t) shares[t] = static_cast<std::int32_t>(t);
  for (std::int32_t t : g.inputs) holds_input[index(t)] = true;
  for (std::int32_t t : g.outputs) is_output[index(t)] = holds_output[index(t)] = true;
  for (std::size_t n = 0; n < g.nodes.size(); ++n) {
    to.skipped[n] = false;
    if (!g.nodes[n].alias || g.keep_all) continue;
    const std::int32_t from = g.operands[index(g.nodes[n].first_in)],
                       result = g.operands[index(g.nodes[n].first_out)];
    if (g.tensors[index(from)].role != memory_graph::kind::value ||
        g.tensors[index(result)].role != memory_graph::kind::value)
      continue;
    const std::size_t root = index(shares[index(from)]);
    if (is_output[index(result)] && (holds_input[root] || holds_output[root])) continue;
    shares[index(result)] = static_cast<std::int32_t>(root);
    holds_output[root] = holds_output[root] || is_output[index(result)];
    to.skipped[n] = true;
  }

  // Steps count from 1: at 0 the inputs are written, at the last the outputs are read.
  detail::work_list<lifetime> life(count);
  detail::work_list<bool> used(count);
  const auto touch = [&](std::int32_t t, std::int32_t when) {
    if (t < 0 || g.tensors[index(t)].role != memory_graph::kind::value) return;
    const std::size_t root = index(shares[index(t)]);
    lifetime& l = life[root];
    l.bytes = std::max(l.bytes, g.tensors[index(t)].bytes);
    if (!used[root]) l.first = l.last = when;
    l.first = std::min(l.first, when);
    l.last = std::max(l.last, when);
    used[root] = true;
  };
  std::int32_t step = 0;
  for (std::int32_t t : g.inputs) touch(t, step);
  for (std::size_t n = 0; n < g.nodes.size(); ++n) {
    if (to.skipped[n]) continue;
    ++step;
    const memory_graph::node& node = g.nodes[n];
    for (std::int32_t i = 0; i < node.ins; ++i) touch(g.operands[index(node.first_in + i)], step);
    for (std::int32_t i = 0; i < node.outs; ++i) touch(g.operands[index(node.first_out + i)], step);
  }
  ++step;
  for (std::int32_t t : g.outputs) touch(t, step);

  std::size_t blocks = 0;
  detail::work_list<std::size_t> owner(count);
  for (std::size_t t = 0; t < count; ++t) {
    if (!used[t]) continue;
    if (g.keep_all) life[t].first = 0, life[t].last = step;
    owner[blocks] = t;
    life[blocks++] = life[t];
  }
  to.arena = place({life.begin(), blocks});
  to.states = 0;
  for (std::size_t t = 0; t < count; ++t) to.offset[t] = no_place;
  for (std::size_t b = 0; b < blocks; ++b) to.offset[owner[b]] = life[b].offset;
  for (std::size_t t = 0; t < count; ++t) {
    if (g.tensors[t].role == memory_graph::kind::state) {
      to.offset[t] = to.states;
      to.states += round_up(g.tensors[t].bytes, alignment);
    } else {
      to.offset[t] = to.offset[index(shares[t])];
    }
  }
}

OCTET_NAMESPACE_END

// ---- octet/typed/image.hpp
// A compiled typed graph as tables of constants: what the functions behind the type see, in the
// compiler and at run time.


OCTET_NAMESPACE_BEGIN
namespace typed::detail {

struct image {
  std::span<const node_info> nodes;
  std::span<const tensor_info> tensors;
  std::span<const attribute> attributes;
  std::span<const std::int32_t> operands;
  std::span<const std::int32_t> inputs, outputs;
  std::span<const char* const> output_names;
  law arithmetic;
  std::span<const std::size_t> offset{};  // per tensor
  std::span<const bool> skipped{};        // per node

  constexpr const tensor_info* in(const node_info& n, std::int32_t i) const {
    const std::int32_t t = i < n.ins ? operands[static_cast<std::size_t>(n.first_in + i)] : -1;
    return t < 0 ? nullptr : &tensors[static_cast<std::size_t>(t)];
  }
  constexpr const tensor_info& out(const node_info& n, std::int32_t i = 0) const {
    return tensors[static_cast<std::size_t>(operands[static_cast<std::size_t>(n.first_out + i)])];
  }
  constexpr attribute_view attrs(const node_info& n) const {
    return attributes.subspan(static_cast<std::size_t>(n.first_attr),
                              static_cast<std::size_t>(n.attrs));
  }
};

constexpr tensor_desc describe(const tensor_info& t) {
  tensor_desc d;
  d.type = t.type;
  d.shape = unpack(t.shape);
  if (t.channels == 0) {
    if (t.scale != 0) d.scales = {&t.scale, 1};
    d.zero_points = {&t.zero_point, 1};
    return d;
  }
  d.axis = t.axis;
  const auto count = static_cast<std::size_t>(t.channels);
  d.scales = t.scales64 ? scale_list(std::span<const double>(t.scales64, count))
                        : scale_list(std::span<const float>(t.scales32, count));
  if (t.zero_points) d.zero_points = {t.zero_points, count};
  return d;
}

/// What stands for a constant's bytes in the compiler, which cannot read them through a pointer to
/// void: rules and op_def::memory ask only whether there are any.
inline constexpr std::byte unread_constant[1]{};
inline std::span<const std::byte> bytes_of_constant(const tensor_info& t) {
  return {static_cast<const std::byte*>(t.data), t.bytes};
}

/// A node as operators see it. Refers to the image's tables. Small frames keep the compiler's work
/// small: it fills every element.
template <std::size_t Inputs, std::size_t Outputs> class node_frame {
 public:
  constexpr node_frame(const image& g, const node_info& n) : node_(&n), attrs_(g.attrs(n)) {
    for (std::int32_t i = 0; i < n.ins; ++i) {
      const auto k = static_cast<std::size_t>(i);
      const tensor_info* t = g.in(n, i);
      given_[k] = t != nullptr;
      if (t == nullptr) continue;
      in_[k] = describe(*t);
      if (t->role != role::constant) continue;
      if (std::is_constant_evaluated())
        constants_[k] = t->bytes == 0 ? std::span<const std::byte>() : unread_constant;
      else
        constants_[k] = bytes_of_constant(*t);
    }
    for (std::int32_t i = 0; i < n.outs; ++i)
      out_[static_cast<std::size_t>(i)] = describe(g.out(n, i));
  }
  node_frame(const node_frame&) = delete;
  node_frame& operator=(const node_frame&) = delete;
  constexpr node_view view() const {
    const auto ins = static_cast<std::size_t>(node_->ins),
               outs = static_cast<std::size_t>(node_->outs);
    return {{in_.data(), ins}, {out_.data(), outs}, {constants_.data(), ins}, {given_.data(), ins},
            &attrs_,           node_->round};
  }

 private:
  const node_info* node_;
  attribute_view attrs_;
  std::array<tensor_desc, Inputs> in_{};
  std::array<tensor_desc, Outputs> out_{};
  std::array<std::span<const std::byte>, Inputs> constants_{};
  std::array<bool, Inputs> given_{};
};

/// f(node_view) of a node.
template <class F> constexpr auto with_view(const image& g, const node_info& n, F&& f) {
  if (n.ins <= 3 && n.outs <= 1) return f(node_frame<3, 1>(g, n).view());
  return f(node_frame<32, 16>(g, n).view());
}

/// What the steps take of a graph's memory, node by node.
struct step_memory {
  bool alias;
  std::size_t params;
  std::array<kernels::node_bytes, node_memory::most_targets> on;  // for each target
};
constexpr step_memory memory_of(const image& g, const node_info& n,
                                std::span<const kernels::target_layout* const> targets) {
  return with_view(g, n, [&](const node_view& v) -> step_memory {
    const node_memory m = octet::detail::memory_of_step(*n.op, v, targets);
    return {m.alias, m.params, m.on};
  });
}

/// What accumulators of one channel are multiplied with: mult for the integer roundings, scale for
/// F, FB, FZ, scale64 for D64.
struct channel_scale {
  multiplier mult{};
  float scale = 0;
  double scale64 = 0;
};
constexpr bool is_layer(const node_info& n) {
  return n.op == &ops::conv2d || n.op == &ops::depthwise_conv2d || n.op == &ops::fully_connected ||
         n.op == &ops::transpose_conv2d;
}
/// By the functions that prepare() uses. Fields are zero where the node has no such factor.
constexpr channel_scale scale_of(const image& g, std::size_t node, std::size_t channel) {
  channel_scale s;
  const node_info& n = g.nodes[node];
  const tensor_info *x = g.in(n, 0), *w = g.in(n, 1);
  const tensor_info& y = g.out(n);
  if (n.round == rounding::none || y.channels != 0 || x->channels != 0) return s;
  if (is_layer(n)) {
    const double sw = w->channels == 0 ? w->scale
                      : w->scales64    ? w->scales64[channel]
                                       : static_cast<double>(w->scales32[channel]);
    const bool narrow = g.attrs(n).integer("f32_product") != 0 || uses_f32_product(n.round);
    set_channel(n.round, &s.mult, &s.scale, &s.scale64, 0,
                laws::accumulator_scale(narrow, x->scale, sw), y.scale);
  } else if (n.op == &ops::requantize) {
    set_channel(n.round, &s.mult, &s.scale, &s.scale64, 0, x->scale, y.scale);
  }
  return s;
}

}  // namespace typed::detail
OCTET_NAMESPACE_END

// ---- octet/typed/prepare.hpp
// What a compiled typed graph does at run time: prepare, run, lower. Plain functions over tables of
// constants; nothing here depends on the graph's type.


OCTET_NAMESPACE_BEGIN
namespace typed::detail {

/// Fills steps and operand addresses and packs weights. `storage` holds params and packed weights,
/// `scratch` is one part's. Heap only on failure.
inline status prepare(const image& g, target on, plan_memory& storage, std::byte* arena,
                      std::byte* state, std::span<std::byte> scratch, step* steps, void** operands,
                      std::size_t& used) {
  const numerics::exact_environment environment;
  if (on == target::automatic) on = best_target();
  if (!can_run(on))
    return unsupported("target", std::string(octet::name_of(on)),
                       "a target of this build that this CPU can run");
  used = 0;
  for (std::size_t n = 0; n < g.nodes.size(); ++n) {
    const node_info& node = g.nodes[n];
    if (g.skipped[n]) continue;
    const auto address = [&](std::int32_t t) -> void* {
      const tensor_info& info = g.tensors[static_cast<std::size_t>(t)];
      if (info.role == role::constant) return const_cast<void*>(info.data);
      return (info.role == role::state ? state : arena) + g.offset[static_cast<std::size_t>(t)];
    };
    for (const auto& [first, count] :
         {std::pair{node.first_in, node.ins}, std::pair{node.first_out, node.outs}})
      for (std::int32_t i = first; i < first + count; ++i) {
        const std::int32_t t = g.operands[static_cast<std::size_t>(i)];
        operands[i] = t < 0 ? nullptr : address(t);
      }
    const auto fail = [&](error_info e) {
      e.node = std::string(node.op->name) + " written at line " + std::to_string(node.line);
      return e;
    };
    step& st = steps[used];
    st = step{};
    st.node = static_cast<std::int32_t>(n);
    const status done = with_view(g, node, [&](const node_view& v) {
      return octet::detail::prepare_step(*node.op, v, on, &kernels::find, 1, storage, st);
    });
    if (!done) return fail(done.error());
    st.first_in = static_cast<std::uint32_t>(node.first_in);
    st.inputs = static_cast<std::uint32_t>(node.ins);
    st.first_out = static_cast<std::uint32_t>(node.first_out);
    st.outputs = static_cast<std::uint32_t>(node.outs);
    // Neither can be: prepare_step has checked what the two were sized by.
    if (st.scratch > scratch.size()) return fail(invalid("scratch of a typed network"));
    if (storage.exhausted()) return fail(invalid("storage of a typed network"));
    ++used;
  }
  return unit{};
}

/// States to their first contents.
inline void reset(const image& g, std::byte* state) noexcept {
  for (std::size_t i = 0; i < g.tensors.size(); ++i) {
    const tensor_info& t = g.tensors[i];
    if (t.role != role::state) continue;
    octet::detail::reset_state(
        state + g.offset[i], t.type, bytes_of(unpack(t.shape).elements(), t.type).value,
        {static_cast<const std::byte*>(t.data), t.data ? t.bytes : 0}, t.zero_point);
  }
}

/// One kernel after the other. `operands`: addresses, as prepare filled them.
inline void run_steps(const step* steps, std::size_t count, void* const* operands,
                      std::byte* scratch) noexcept {
  const numerics::exact_environment environment;
  for (const step* s = steps; s != steps + count; ++s)
    s->run({s->params,
            {const_cast<const void* const*>(operands) + s->first_in, s->inputs},
            {operands + s->first_out, s->outputs},
            scratch,
            0,
            1});
}

inline void require(const status& s) {
  if (s) return;
#if defined(__cpp_exceptions)
  throw octet::error(s.error());
#else
  std::abort();
#endif
}

/// The same graph in the IR.
inline graph lower(const image& g, std::string name) {
  graph to;
  to.name = std::move(name);
  to.arithmetic = g.arithmetic;
  for (const tensor_info& t : g.tensors) {
    octet::tensor n;
    n.type = t.type;
    n.shape = unpack(t.shape);
    n.axis = t.channels != 0 ? t.axis : -1;
    if (t.channels == 0 && t.scale != 0) {
      n.scales = {t.scale};
      n.zero_points = {t.zero_point};
    }
    for (std::int32_t c = 0; c < t.channels; ++c)
      n.scales.push_back(t.scales64 ? t.scales64[c] : static_cast<double>(t.scales32[c]));
    if (t.zero_points) n.zero_points.assign(t.zero_points, t.zero_points + t.channels);
    if (t.role == role::constant) {
      n.role = octet::tensor::kind::constant;
      n.data.bytes = {static_cast<const std::byte*>(t.data), t.bytes};
    }
    if (t.role == role::state) {
      n.role = octet::tensor::kind::state;
      n.data.bytes = {static_cast<const std::byte*>(t.data), t.bytes};
    }
    if (t.name)
      n.name = t.name;
    else
      n.name = "t" + std::to_string(to.tensors.size());
    to.add(std::move(n));
  }
  for (std::size_t i = 0; i < g.outputs.size(); ++i) {
    octet::tensor& t = to[g.outputs[i]];
    if (g.output_names[i])
      t.name = g.output_names[i];
    else if (t.name.starts_with('t'))
      t.name = i == 0 ? "output" : "output_" + std::to_string(i);
  }
  for (const node_info& n : g.nodes) {
    attributes a;
    for (std::int32_t i = 0; i < n.attrs; ++i) {
      const attribute& from = g.attributes[static_cast<std::size_t>(n.first_attr + i)];
      switch (from.value.type) {
        case attribute_value::kind::integer: a.set(from.key, from.value.integer); break;
        case attribute_value::kind::real: a.set(from.key, from.value.real); break;
        case attribute_value::kind::integers:
          a.set(from.key,
                std::vector<std::int64_t>(from.value.integers.begin(), from.value.integers.end()));
          break;
        case attribute_value::kind::reals:
          a.set(from.key, std::vector<double>(from.value.reals.begin(), from.value.reals.end()));
          break;
        case attribute_value::kind::none:
        case attribute_value::kind::text: break;
      }
    }
    std::vector<tensor_id> in, out;
    for (std::int32_t i = 0; i < n.ins; ++i)
      in.push_back(g.operands[static_cast<std::size_t>(n.first_in + i)]);
    for (std::int32_t i = 0; i < n.outs; ++i)
      out.push_back(g.operands[static_cast<std::size_t>(n.first_out + i)]);
    to.add_node(*n.op, "#" + std::to_string(to.nodes.size()), std::move(in), std::move(out),
                std::move(a), n.round);
  }
  to.inputs.assign(g.inputs.begin(), g.inputs.end());
  to.outputs.assign(g.outputs.begin(), g.outputs.end());
  return to;
}

}  // namespace typed::detail
OCTET_NAMESPACE_END

// ---- octet/typed/compiled.hpp
// A finished graph as a type: tensor types, arena offsets, sizes and multipliers are constants; the
// object holds arena, packed weights and steps.

#include <boost/hana/for_each.hpp>
#include <boost/hana/tuple.hpp>
#include <boost/hana/type.hpp>


OCTET_NAMESPACE_BEGIN
namespace typed {

namespace detail {

struct flat_counts {
  std::size_t nodes = 0, tensors = 0, attributes = 0, operands = 0, integers = 0, reals = 0,
              inputs = 0, outputs = 0;
};

/// The used part of a network with everything a law decides filled in.
template <flat_counts K> struct flat_network {
  mistake_info wrong{};
  std::array<node_info, K.nodes> nodes{};
  std::array<tensor_info, K.tensors> tensors{};
  std::array<attribute_info, K.attributes> attrs{};
  std::array<std::int32_t, K.operands> operands{};
  std::array<std::int64_t, K.integers> integers{};
  std::array<double, K.reals> reals{};
  std::array<std::int32_t, K.inputs> inputs{};
  std::array<std::int32_t, K.outputs> outputs{};
  std::array<const char*, K.outputs> output_names{};
};

template <int C> struct reachable {
  bool node[static_cast<std::size_t>(C)]{};
  bool tensor[static_cast<std::size_t>(network<C>::tensor_room)]{};
};
template <int C> constexpr reachable<C> find_reachable(const value<C>& v) {
  reachable<C> r{};
  for (std::int32_t i = 0; i < v.outs; ++i) r.tensor[v.out[i]] = true;
  for (std::int32_t n = v.net.node_count; n-- > 0;) {
    const node_info& node = v.net.nodes[n];
    for (std::int32_t i = 0; i < node.outs; ++i)
      r.node[n] |= r.tensor[v.net.operands[node.first_out + i]];
    if (!r.node[n]) continue;
    for (std::int32_t i = 0; i < node.ins + node.outs; ++i)
      if (const std::int32_t t = v.net.operands[node.first_in + i]; t >= 0) r.tensor[t] = true;
  }
  for (std::int32_t t = 0; t < v.net.tensor_count; ++t)
    if (v.net.tensors[t].role == role::input) r.tensor[t] = true;
  return r;
}
/// An attribute as operators read it; lists lie in the graph's numbers.
constexpr attribute attribute_of(const attribute_info& a, std::span<const std::int64_t> integers,
                                 std::span<const double> reals) {
  const auto first = static_cast<std::size_t>(a.first), count = static_cast<std::size_t>(a.count);
  switch (a.type) {
    case attribute_value::kind::integer: return {a.key, a.integer};
    case attribute_value::kind::real: return {a.key, a.real};
    case attribute_value::kind::integers: return {a.key, integers.subspan(first, count)};
    case attribute_value::kind::reals: return {a.key, reals.subspan(first, count)};
    case attribute_value::kind::none:
    case attribute_value::kind::text: break;
  }
  return {};
}
constexpr int law_attributes = 3;  // at most: clamp_lo, clamp_hi, f32_product

template <int C> constexpr flat_counts count(const value<C>& v) {
  flat_counts k;
  if (v.net.wrong.what != mistake::none) return k;
  const auto r = find_reachable(v);
  for (std::int32_t n = 0; n < v.net.node_count; ++n) {
    if (!r.node[n]) continue;
    const node_info& node = v.net.nodes[n];
    ++k.nodes;
    k.attributes += static_cast<std::size_t>(node.attrs + law_attributes);
    k.operands += static_cast<std::size_t>(node.ins + node.outs);
    for (std::int32_t i = 0; i < node.attrs; ++i) {
      const attribute_info& a = v.net.attrs[node.first_attr + i];
      if (a.type == attribute_value::kind::integers)
        k.integers += static_cast<std::size_t>(a.count);
      if (a.type == attribute_value::kind::reals) k.reals += static_cast<std::size_t>(a.count);
    }
  }
  for (std::int32_t t = 0; t < v.net.tensor_count; ++t) {
    k.tensors += r.tensor[t];
    k.inputs += v.net.tensors[t].role == role::input;
  }
  k.outputs = static_cast<std::size_t>(v.outs);
  return k;
}

template <flat_counts K, int C>
constexpr flat_network<K> flatten(const value<C>& v, law graph_law) {
  flat_network<K> f{};
  f.wrong = v.net.wrong;
  if (f.wrong.what != mistake::none) return f;
  const auto r = find_reachable(v);
  std::int32_t map[static_cast<std::size_t>(network<C>::tensor_room)]{};
  std::size_t tensors = 0, inputs = 0, nodes = 0, operands = 0, attributes = 0, integers = 0,
              reals = 0;
  for (std::int32_t t = 0; t < v.net.tensor_count; ++t) {
    if (!r.tensor[t]) continue;
    map[t] = static_cast<std::int32_t>(tensors);
    if (v.net.tensors[t].role == role::input) f.inputs[inputs++] = map[t];
    f.tensors[tensors++] = v.net.tensors[t];
  }
  for (std::int32_t n = 0; n < v.net.node_count; ++n) {
    if (!r.node[n]) continue;
    node_info node = v.net.nodes[n];
    const std::int32_t first_in = node.first_in, first_attr = node.first_attr;
    node.first_in = static_cast<std::int32_t>(operands);
    for (std::int32_t i = 0; i < node.ins; ++i) {
      const std::int32_t t = v.net.operands[first_in + i];
      f.operands[operands++] = t < 0 ? t : map[t];
    }
    node.first_out = static_cast<std::int32_t>(operands);
    for (std::int32_t i = 0; i < node.outs; ++i)
      f.operands[operands++] = map[v.net.operands[v.net.nodes[n].first_out + i]];
    node.first_attr = static_cast<std::int32_t>(attributes);
    for (std::int32_t i = 0; i < node.attrs; ++i) {
      attribute_info a = v.net.attrs[first_attr + i];
      const std::int32_t from = a.first;
      if (a.type == attribute_value::kind::integers) {
        a.first = static_cast<std::int32_t>(integers);
        for (std::int32_t k = 0; k < a.count; ++k)
          f.integers[integers++] = v.net.integers[from + k];
      } else if (a.type == attribute_value::kind::reals) {
        a.first = static_cast<std::int32_t>(reals);
        for (std::int32_t k = 0; k < a.count; ++k) f.reals[reals++] = v.net.reals[from + k];
      }
      f.attrs[attributes++] = a;
    }
    const law l = node.has_law ? node.own_law : graph_law;
    const tensor_info& y =
        f.tensors[static_cast<std::size_t>(f.operands[static_cast<std::size_t>(node.first_out)])];
    laws::decision decided = node.round;
    if (node.by_law || node.act != activation::none) {
      std::array<const tensor_info*, most_operands> in{};
      for (std::int32_t i = 0; i < node.ins; ++i)
        if (const std::int32_t t = f.operands[static_cast<std::size_t>(node.first_in + i)]; t >= 0)
          in[static_cast<std::size_t>(i)] = &f.tensors[static_cast<std::size_t>(t)];
      std::array<octet::attribute, attribute_list::room> list{};
      for (std::int32_t i = 0; i < node.attrs; ++i)
        list[static_cast<std::size_t>(i)] = attribute_of(
            f.attrs[static_cast<std::size_t>(node.first_attr + i)], f.integers, f.reals);
      decided = decide(
          l, *node.op, {in.data(), static_cast<std::size_t>(node.ins)}, y,
          std::span<const octet::attribute>(list.data(), static_cast<std::size_t>(node.attrs)));
    }
    if (node.by_law && !decided.known) {
      f.wrong = {mistake::no_rounding_in_this_law, pack(dims{static_cast<std::int32_t>(l)}),
                 pack(dims{n}), node.line};
      return f;
    }
    if (node.by_law) node.round = decided.round;
    const laws::library by = laws::computed_by(l, decided, node.round);
    const auto attribute = [&](const char* key, std::int64_t value) {
      f.attrs[attributes++] = {key, attribute_value::kind::integer, value, 0, 0, 0};
      ++node.attrs;
    };
    const auto real = [&](const char* key, double value) {
      f.attrs[attributes++] = {key, attribute_value::kind::real, 0, value, 0, 0};
      ++node.attrs;
    };
    if (node.by_law && decided.f32_product) attribute("f32_product", 1);
    if (node.by_law && decided.channels_last) attribute("channels_last", 1);
    const bool own_bounds = node.op->decide == &laws::clamp && node.round != rounding::none;
    if (node.act != activation::none && !own_bounds) {
      if (y.type == dtype::f32) {
        const laws::real_bounds c = laws::bounds_of(node.act);
        if (c.lo) real("float_lo", static_cast<double>(*c.lo));
        if (c.hi) real("float_hi", static_cast<double>(*c.hi));
      } else {
        const laws::clamp_bounds c =
            laws::activation_bounds(by, node.act, y.type, y.scale, y.zero_point);
        attribute("clamp_lo", c.lo);
        attribute("clamp_hi", c.hi);
      }
    }
    f.nodes[nodes++] = node;
  }
  for (std::size_t i = 0; i < K.outputs; ++i) {
    f.outputs[i] = map[v.out[i]];
    f.output_names[i] = v.out_name[i];
  }
  return f;
}

/// The attributes as operators read them; lists refer to `f`.
template <flat_counts K>
constexpr std::array<attribute, K.attributes> attributes_of(const flat_network<K>& f) {
  std::array<attribute, K.attributes> a{};
  for (std::size_t i = 0; i < K.attributes; ++i)
    if (f.attrs[i].key) a[i] = attribute_of(f.attrs[i], f.integers, f.reals);
  return a;
}

/// The targets a network's memory must suffice for.
template <target On> inline constexpr target one_target[] = {On};
template <target On> constexpr std::span<const target> targets_of() {
  if constexpr (On == target::automatic)
    return kernels::targets_of_architecture;
  else
    return one_target<On>;
}

/// What a network takes on one target: of params and packed weights, of scratch.
struct target_bytes {
  std::size_t storage = 0, scratch = 0;
};
/// Where every tensor lies, which nodes only rename bytes, and what the rest takes.
template <flat_counts K> struct layout {
  std::array<std::size_t, K.tensors>
      offset{};                         // of values, in the arena; of states, among the states
  std::array<bool, K.nodes> skipped{};  // no step: the result is the first input's bytes
  std::size_t arena = 0, state = 0;
  std::array<target_bytes, node_memory::most_targets> on{};  // for each target
};
template <flat_counts K>
constexpr layout<K> lay_out_image(const image& g, std::span<const target> targets) {
  layout<K> l{};
  std::array<const kernels::target_layout*, node_memory::most_targets> layouts{};
  for (std::size_t i = 0; i < targets.size(); ++i) layouts[i] = kernels::layout_of(targets[i]);
  std::array<step_memory, K.nodes> need{};
  for (std::size_t n = 0; n < K.nodes; ++n)
    need[n] = memory_of(g, g.nodes[n], {layouts.data(), targets.size()});

  using kind = memory_graph::kind;
  std::array<memory_graph::tensor, K.tensors> tensors{};
  for (std::size_t t = 0; t < K.tensors; ++t) {
    const tensor_info& info = g.tensors[t];
    tensors[t] = {bytes_of(unpack(info.shape).elements(), info.type).value,
                  info.role == role::constant ? kind::constant
                  : info.role == role::state  ? kind::state
                                              : kind::value};
  }
  std::array<memory_graph::node, K.nodes> nodes{};
  for (std::size_t n = 0; n < K.nodes; ++n) {
    const node_info& node = g.nodes[n];
    nodes[n] = {node.first_in, node.ins, node.first_out, node.outs, need[n].alias};
  }
  memory_layout placed{l.offset, l.skipped};
  octet::lay_out({tensors, nodes, g.operands, g.inputs, g.outputs}, placed);
  l.arena = placed.arena;
  l.state = placed.states;

  for (std::size_t i = 0; i < targets.size(); ++i)
    for (std::size_t n = 0; n < K.nodes; ++n) {
      if (l.skipped[n]) continue;
      target_bytes& to = l.on[i];
      to.storage += round_up(need[n].params, alignment) + round_up(need[n].on[i].packed, alignment);
      to.scratch = std::max(to.scratch, need[n].on[i].scratch);
    }
  return l;
}
template <flat_counts K> constexpr bool all_declare_memory(const flat_network<K>& f) {
  for (const node_info& n : f.nodes)
    if (n.op->memory == nullptr) return false;
  return true;
}

template <const auto& F, std::size_t T,
          class = std::make_index_sequence<static_cast<std::size_t>(F.tensors[T].shape.rank)>>
struct tensor_type_of;
template <const auto& F, std::size_t T, std::size_t... I>
struct tensor_type_of<F, T, std::index_sequence<I...>> {
  using type = tensor<F.tensors[T].type, shape<F.tensors[T].shape.extent[I]...>,
                      affine{F.tensors[T].scale, F.tensors[T].zero_point}>;
};

/// How a graph becomes a network.
struct compile_options {
  /// The most bytes `arena_bytes` may be.
  std::size_t budget = static_cast<std::size_t>(-1);
  /// The target whose kernels run. `automatic`: the best that the CPU has at start, and memory for
  /// whichever of the architecture's targets that is.
  octet::target on = octet::target::automatic;
};

/// Everything about graph G under law L that is a constant.
template <const auto& G, law L, compile_options O> struct analysis {
  static constexpr law arithmetic = L;
  static constexpr target on = O.on;
  static constexpr flat_counts counts = count(G);
  static constexpr flat_network<counts> flat = flatten<counts>(G, L);
  static constexpr std::array<attribute, counts.attributes> attributes = attributes_of(flat);
  static constexpr image tables{flat.nodes,  flat.tensors, attributes,        flat.operands,
                                flat.inputs, flat.outputs, flat.output_names, L};
  static constexpr layout<counts> places = [] {
    if constexpr (flat.wrong.what == mistake::none) {
      static_assert(all_declare_memory(flat),
                    "octet: an operator of this graph does not say what memory it takes: "
                    "op_def::memory");
      return lay_out_image<counts>(tables, targets_of<O.on>());
    } else {
      return layout<counts>{};
    }
  }();
  static constexpr mistake_info wrong =
      flat.wrong.what == mistake::none && places.arena > O.budget
          ? mistake_info{mistake::arena_over_budget,
                         pack(dims{static_cast<std::int32_t>(O.budget)}),
                         pack(dims{static_cast<std::int32_t>(places.arena)}), 0}
          : flat.wrong;
};

template <class A, bool Sound> class program;

/// A graph with a mistake: says which, and has what keeps further errors away.
template <class A, std::size_t... E, std::size_t... F>
auto report(std::index_sequence<E...>, std::index_sequence<F...>) ->
    typename error::class_of<A::wrong.what>::template type<expected<A::wrong.expected.extent[E]...>,
                                                           found<A::wrong.found.extent[F]...>,
                                                           at_line<A::wrong.line>>;
template <class A> class program<A, false> {
  static_assert(sizeof(decltype(report<A>(
                    std::make_index_sequence<static_cast<std::size_t>(A::wrong.expected.rank)>(),
                    std::make_index_sequence<static_cast<std::size_t>(A::wrong.found.rank)>()))) !=
                0);

 public:
  static constexpr std::size_t arena_bytes = 0, scratch_bytes = 0, storage_bytes = 0,
                               state_bytes = 0, nodes = 0, tensors = 0, inputs = 0, outputs = 0;
  using input = void;
  using output = void;
  template <class... T> void run(T&&...) noexcept {}
};

/// A sound graph: see compiled.
template <class A> class program<A, true> {
 public:
  static constexpr flat_counts counts = A::counts;

 private:
  static constexpr const auto& flat_ = A::flat;
  static constexpr const auto& layout_ = A::places;
  static constexpr image image_ = [] {
    image g = A::tables;
    g.offset = layout_.offset;
    g.skipped = layout_.skipped;
    return g;
  }();
  template <std::size_t... I, std::size_t... O>
  static auto edges(std::index_sequence<I...>, std::index_sequence<O...>) -> std::pair<
      boost::hana::tuple<boost::hana::type<
          typename tensor_type_of<A::flat, static_cast<std::size_t>(flat_.inputs[I])>::type>...>,
      boost::hana::tuple<boost::hana::type<
          typename tensor_type_of<A::flat, static_cast<std::size_t>(flat_.outputs[O])>::type>...>>;

 public:
  static constexpr law arithmetic = A::arithmetic;
  static constexpr std::size_t nodes = counts.nodes, tensors = counts.tensors,
                               inputs = counts.inputs, outputs = counts.outputs;

  /// Type of any tensor, of an input, of a result.
  template <std::size_t T> using tensor_type = typename tensor_type_of<A::flat, T>::type;
  template <std::size_t I>
  using input_type = tensor_type<static_cast<std::size_t>(flat_.inputs[I])>;
  template <std::size_t O>
  using output_type = tensor_type<static_cast<std::size_t>(flat_.outputs[O])>;
  using input = typename tensor_type_of<A::flat, static_cast<std::size_t>(flat_.inputs[0])>::type;
  using output = typename tensor_type_of<A::flat, static_cast<std::size_t>(flat_.outputs[0])>::type;
  /// boost::hana::tuple of boost::hana::type<tensor<...>>.
  using input_types = typename decltype(edges(std::make_index_sequence<inputs>(),
                                              std::make_index_sequence<outputs>()))::first_type;
  using output_types = typename decltype(edges(std::make_index_sequence<inputs>(),
                                               std::make_index_sequence<outputs>()))::second_type;

  /// The target this network is made for; `automatic`: for whichever is best at start.
  static constexpr octet::target on = A::on;
  /// Bytes of the arena for activations (inputs and results included), of scratch for the most
  /// demanding kernel, of params and packed weights: of the network's target, or the most that any
  /// target of the architecture needs.
  static constexpr std::size_t arena_bytes = layout_.arena;
  static constexpr std::size_t scratch_bytes = [] {
    std::size_t most = 0;
    for (const target_bytes& b : layout_.on) most = std::max(most, b.scratch);
    return most;
  }();
  static constexpr std::size_t storage_bytes = [] {
    std::size_t most = 0;
    for (const target_bytes& b : layout_.on) most = std::max(most, b.storage);
    return most;
  }();
  /// The part of storage and scratch that a target uses; nothing if it is none of this network's.
  static constexpr target_bytes bytes_on(octet::target t) {
    const auto targets = targets_of<A::on>();
    for (std::size_t i = 0; i < targets.size(); ++i)
      if (targets[i] == t) return layout_.on[i];
    return {};
  }
  /// Bytes that recurrent operators keep from run to run.
  static constexpr std::size_t state_bytes = layout_.state;
  /// Arena offset of a tensor that is not a constant.
  static constexpr std::size_t offset(std::size_t tensor) { return layout_.offset[tensor]; }
  static constexpr const node_info& node(std::size_t i) { return flat_.nodes[i]; }
  static constexpr const tensor_info& tensor_at(std::size_t t) { return flat_.tensors[t]; }
  /// What node `n` multiplies accumulators of channel c with: the fields its rounding uses are set.
  /// Needs scales that are constants.
  static constexpr channel_scale multiplier(std::size_t n, std::size_t c = 0) {
    return scale_of(image_, n, c);
  }

  /// Prepares for the network's target, or the best of this CPU. A node that its operator refuses
  /// (an unsupported combination of types) throws octet::error, or ends the program where
  /// exceptions are off; prepare() reports it instead.
  program() { require(prepare()); }
  struct later {};
  explicit program(later) noexcept {}
  program(const program&) = delete;
  program& operator=(const program&) = delete;

  /// Packs the weights for a target, fills the steps and resets the states; no heap unless it
  /// fails. A network that is made for one target takes no other.
  status prepare(octet::target wanted = octet::target::automatic) {
    if (wanted == octet::target::automatic) wanted = on;
    if (on != octet::target::automatic && wanted != on)
      return unsupported("target", std::string(octet::name_of(wanted)),
                         std::string(octet::name_of(on)));
    memory_ = plan_memory({storage_, sizeof storage_});
    reset();
    return detail::prepare(image_, wanted, memory_, arena_, state_, {scratch_, sizeof scratch_},
                           steps_.data(), operands_.data(), used_);
  }

  /// run(inputs..., results...): each argument is memory of the right element type and count
  /// (std::array, C array, std::span of fixed extent).
  template <class... Memory> void run(Memory&&... a) noexcept {
    static_assert(sizeof...(Memory) == inputs + outputs,
                  "octet: run() takes one argument per input, then one per result");
    if constexpr (sizeof...(Memory) == inputs + outputs) {
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        (copy_in<I>(a), ...);
        run();
        (copy_out<I>(a), ...);
      }
      (std::make_index_sequence<sizeof...(Memory)>());
    }
  }
  /// Runs on what input<I>() holds. No allocation, no lock, no system call.
  void run() noexcept { run_steps(steps_.data(), used_, operands_.data(), scratch_); }

  /// States (recurrent networks) back to their first contents.
  void reset() noexcept { detail::reset(image_, state_); }

  /// Memory of an input or result inside the arena. Write inputs before each run: the arena is
  /// reused while it runs.
  template <std::size_t I = 0> typename input_type<I>::view input_view() noexcept {
    using t = input_type<I>;
    return typename t::view(reinterpret_cast<typename t::element*>(
                                arena_ + offset(static_cast<std::size_t>(flat_.inputs[I]))),
                            t::elements);
  }
  template <std::size_t O = 0> typename output_type<O>::view output_view() noexcept {
    using t = output_type<O>;
    return typename t::view(reinterpret_cast<typename t::element*>(
                                arena_ + offset(static_cast<std::size_t>(flat_.outputs[O]))),
                            t::elements);
  }
  /// All of them: boost::hana::tuple of spans of fixed extent, for boost::hana::for_each and
  /// transform.
  auto input_views() noexcept {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return boost::hana::make_tuple(input_view<I>()...);
    }
    (std::make_index_sequence<inputs>());
  }
  auto output_views() noexcept {
    return [&]<std::size_t... O>(std::index_sequence<O...>) {
      return boost::hana::make_tuple(output_view<O>()...);
    }
    (std::make_index_sequence<outputs>());
  }

  /// The steps as a loaded network's plan holds them.
  std::span<const step> steps() const noexcept { return {steps_.data(), used_}; }
  /// The graph in the IR: what `octet show` prints and octet::compile takes. Constants stay where
  /// they are.
  static graph lower(std::string name = "typed") { return detail::lower(image_, std::move(name)); }

 private:
  template <std::size_t I, class M> void copy_in(M& a) noexcept {
    if constexpr (I < inputs) {
      using t = input_type<I>;
      constexpr bool fits = std::is_constructible_v<typename t::const_view, M&>;
      static_assert(
          fits,
          "octet: an input given to run() has another element type or another number of elements");
      if constexpr (fits)
        std::memcpy(arena_ + offset(static_cast<std::size_t>(flat_.inputs[I])),
                    typename t::const_view(a).data(), t::bytes);
    }
  }
  template <std::size_t I, class M> void copy_out(M& a) noexcept {
    if constexpr (I >= inputs) {
      using t = output_type<I - inputs>;
      constexpr bool fits = std::is_constructible_v<typename t::view, M&>;
      static_assert(
          fits,
          "octet: a result given to run() has another element type or another number of elements");
      if constexpr (fits)
        std::memcpy(typename t::view(a).data(),
                    arena_ + offset(static_cast<std::size_t>(flat_.outputs[I - inputs])), t::bytes);
    }
  }
  alignas(alignment) std::byte arena_[arena_bytes == 0 ? 1 : arena_bytes];
  alignas(alignment) std::byte state_[state_bytes == 0 ? 1 : state_bytes];
  alignas(alignment) std::byte scratch_[scratch_bytes == 0 ? 1 : scratch_bytes];
  alignas(alignment) std::byte storage_[storage_bytes == 0 ? 1 : storage_bytes];
  plan_memory memory_;
  std::array<step, nodes == 0 ? 1 : nodes> steps_{};
  std::array<void*, counts.operands == 0 ? 1 : counts.operands> operands_{};
  std::size_t used_ = 0;
};

}  // namespace detail

using detail::compile_options;

/// Graph G under law L. Everything static is a constant; an object is the network ready to run.
/// Make it static: it holds arena and weights. One thread at a time may use an object.
template <const auto& G, law L = law::tflite_ref, compile_options O = compile_options{}>
class compiled : public detail::program<detail::analysis<G, L, O>,
                                        detail::analysis<G, L, O>::wrong.what == mistake::none> {
  using base = detail::program<detail::analysis<G, L, O>,
                               detail::analysis<G, L, O>::wrong.what == mistake::none>;

 public:
  using base::base;
};

}  // namespace typed
OCTET_NAMESPACE_END

// ---- octet/typed/functions.hpp
// Operators without weights of their own: functions of each element, softmax, comparisons, data
// movement, resizing, products of two values, memory.


OCTET_NAMESPACE_BEGIN
namespace typed {

// ---- functions of one value ----

struct function_options {
  double alpha = 0;                 // leaky_relu: slope below 0; elu: factor there (0: 1)
  double beta = 1;                  // softmax: factor of the input
  std::int32_t axis = -1;           // softmax, log_softmax
  bool approximate = false;         // gelu: by tanh
  rounding round = rounding::none;  // none: by the graph's law
};
namespace detail {
/// What a function's result is quantized with where the caller does not say: nothing (he must), as
/// its input, or a fixed range of reals.
enum class result_range : std::uint8_t { given, input, zero_to_one, one_around_zero, below_zero };
constexpr affine range_of(result_range r, const tensor_info& x) {
  const std::int32_t lo = static_cast<std::int32_t>(lowest_of(x.type)),
                     hi = static_cast<std::int32_t>(highest_of(x.type));
  const bool wide = x.type == dtype::s16;
  switch (r) {
    case result_range::given: return {};
    case result_range::input: return {x.scale, x.zero_point};
    case result_range::zero_to_one: return wide ? affine{0x1p-15, 0} : affine{0x1p-8, lo};
    case result_range::one_around_zero: return wide ? affine{0x1p-15, 0} : affine{0x1p-7, lo + 128};
    case result_range::below_zero: return {0x1p-4, hi};
  }
  return {};
}
constexpr auto function(const op_def& quantized, const op_def& plain, result_range range,
                        const attribute_list& a, affine q, rounding round, std::int32_t line,
                        activation act = activation::none) {
  return pending{[=, &quantized, &plain]<int C>(const value<C>& x) {
    const tensor_info t = first(x);
    value<C> v = x;
    const bool real = t.type == dtype::f32;
    if (!real && !need_quantized(v, t, line)) return v;
    const affine to = real ? affine{} : q.scale != 0 ? q : range_of(range, t);
    if (!real && !(to.scale > 0))
      return broken(v, mistake::scale_not_positive, dims{1}, dims{millionths(to.scale)}, line);
    return then(v,
                {.op = real ? &plain : &quantized,
                 .round = round,
                 .by_law = round == rounding::none,
                 .act = real ? activation::none : act,
                 .line = line},
                {x.out, 1}, a, typed_as(t.type, to));
  }};
}
constexpr attribute_list alpha_of(const function_options& o) {
  attribute_list a{};
  if (o.alpha != 0) a.real("alpha", o.alpha);
  if (o.approximate) a.integer("approximate", 1);
  return a;
}
constexpr attribute_list softmax_of(const function_options& o) {
  attribute_list a{};
  append_attributes(a, softmax_attrs{o.beta, o.axis});
  return a;
}
}  // namespace detail

/// A name that is a fused activation and an operator: `.activation = relu`, and `x | relu()`. The
/// operator keeps its input's quantization unless given one.
struct clamp_function {
  activation fused;
  const op_def *quantized, *plain;
  constexpr operator activation() const { return fused; }  // NOLINT
  constexpr auto operator()(affine q = {}, function_options o = {},
                            std::int32_t line = __builtin_LINE()) const {
    return detail::function(*quantized, *plain, detail::result_range::input, {}, q, o.round, line,
                            fused);
  }
};
inline constexpr clamp_function relu{activation::relu, &ops::qnn_relu, &ops::relu},
    relu6{activation::relu6, &ops::qnn_relu6, &ops::relu6},
    relu_n1_to_1{activation::relu_n1_to_1, &ops::qnn_relu_n1_to_1, &ops::relu_n1_to_1};

/// A function's name: `x | logistic()`, `x | hard_swish({0.05f, 3})`. float32 values stay float32.
/// Without a quantization the result has that of TFLite and PyTorch where they fix it (logistic,
/// hard_sigmoid, softmax: [0, 1); tanh, l2_normalization: [-1, 1); log_softmax: [-16, 0]), the
/// input's (neg, abs), or must be given.
template <const op_def& Quantized, const op_def& Plain, detail::result_range Range>
struct value_function {
  constexpr auto operator()(affine q = {}, function_options o = {},
                            std::int32_t line = __builtin_LINE()) const {
    return detail::function(Quantized, Plain, Range, detail::alpha_of(o), q, o.round, line);
  }
};
inline constexpr value_function<ops::qnn_logistic, ops::logistic, detail::result_range::zero_to_one>
    logistic{};
inline constexpr value_function<ops::qnn_tanh, ops::tanh, detail::result_range::one_around_zero>
    tanh{};
inline constexpr value_function<ops::qnn_hard_sigmoid, ops::hard_sigmoid,
                                detail::result_range::zero_to_one>
    hard_sigmoid{};
inline constexpr value_function<ops::qnn_hard_swish, ops::hard_swish, detail::result_range::given>
    hard_swish{};
inline constexpr value_function<ops::qnn_leaky_relu, ops::leaky_relu, detail::result_range::given>
    leaky_relu{};
inline constexpr value_function<ops::qnn_elu, ops::elu, detail::result_range::given> elu{};
inline constexpr value_function<ops::qnn_gelu, ops::gelu, detail::result_range::given> gelu{};
inline constexpr value_function<ops::qnn_exp, ops::exp, detail::result_range::given> exp{};
inline constexpr value_function<ops::qnn_log, ops::log, detail::result_range::given> log{};
inline constexpr value_function<ops::qnn_sqrt, ops::sqrt, detail::result_range::given> sqrt{};
inline constexpr value_function<ops::qnn_rsqrt, ops::rsqrt, detail::result_range::given> rsqrt{};
inline constexpr value_function<ops::qnn_square, ops::square, detail::result_range::given> square{};
inline constexpr value_function<ops::qnn_abs, ops::abs, detail::result_range::input> abs{};
inline constexpr value_function<ops::qnn_neg, ops::neg, detail::result_range::input> neg{};
inline constexpr value_function<ops::qnn_l2_normalization, ops::l2_normalization,
                                detail::result_range::one_around_zero>
    l2_normalization{};

/// Along an axis: `x | softmax()`, `x | softmax({}, {.beta = 0.5})`.
constexpr auto softmax(affine q = {}, function_options o = {},
                       std::int32_t line = __builtin_LINE()) {
  return detail::function(ops::qnn_softmax, ops::softmax, detail::result_range::zero_to_one,
                          detail::softmax_of(o), q, o.round, line);
}
constexpr auto log_softmax(affine q = {}, function_options o = {},
                           std::int32_t line = __builtin_LINE()) {
  return detail::function(ops::qnn_log_softmax, ops::log_softmax, detail::result_range::below_zero,
                          detail::softmax_of(o), q, o.round, line);
}

/// Raw elements to another element type, without quantization.
constexpr auto cast(dtype to, std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    return detail::then(x, {.op = &ops::cast, .line = line}, {x.out, 1}, detail::attribute_list{},
                        detail::typed_as(to, {}));
  }};
}
namespace detail {
constexpr auto index_along(const op_def& op, std::int32_t axis, dtype type, std::int32_t line) {
  return pending{[=, &op]<int C>(const value<C>& x) {
    attribute_list a{};
    append_attributes(a, axis_attrs{axis});
    return then(x, {.op = &op, .line = line}, {x.out, 1}, a, typed_as(type, {}));
  }};
}
}  // namespace detail
/// Index of the largest (least) element along an axis; the first of equal ones.
constexpr auto arg_max(std::int32_t axis, dtype type = dtype::s32,
                       std::int32_t line = __builtin_LINE()) {
  return detail::index_along(ops::arg_max, axis, type, line);
}
constexpr auto arg_min(std::int32_t axis, dtype type = dtype::s32,
                       std::int32_t line = __builtin_LINE()) {
  return detail::index_along(ops::arg_min, axis, type, line);
}

// ---- functions of two values ----

/// (a - b)^2 and a / b with broadcasting.
template <int C, int D>
constexpr value<C> squared_difference(const value<C>& a, const value<D>& b, affine q = {},
                                      binary_options o = {}, std::int32_t line = __builtin_LINE()) {
  return detail::binary(ops::qnn_squared_difference, ops::squared_difference, a, b, q, o, line);
}
template <int C, int D>
constexpr value<C> div(const value<C>& a, const value<D>& b, affine q = {}, binary_options o = {},
                       std::int32_t line = __builtin_LINE()) {
  return detail::binary(ops::qnn_div, ops::div, a, b, q, o, line);
}

namespace detail {
/// Minimum and maximum of raw values: one quantization for all three.
template <int C, int D>
constexpr value<C> extremum(const op_def& quantized, const op_def& plain, const value<C>& a,
                            const value<D>& b, std::int32_t line) {
  value<C> v = a;
  const std::int32_t other = v.net.wrong.what == mistake::none ? join(v, b) : 0;
  if (v.net.wrong.what != mistake::none) return v;
  const tensor_info x = v.net.tensors[a.out[0]], y = v.net.tensors[other];
  if (x.type != y.type)
    return broken(v, mistake::element_types_differ, dims{static_cast<std::int32_t>(x.type)},
                  dims{static_cast<std::int32_t>(y.type)}, line);
  if (x.scale != y.scale || x.zero_point != y.zero_point)
    return broken(v, mistake::quantizations_differ, dims{millionths(x.scale), x.zero_point},
                  dims{millionths(y.scale), y.zero_point}, line);
  const std::int32_t ins[2]{a.out[0], other};
  return then(
      v, {.op = x.quantized() && is_quantized_type(x.type) ? &quantized : &plain, .line = line},
      ins, attribute_list{}, typed_as(x.type, {x.scale, x.zero_point}));
}
template <int C, int D>
constexpr value<C> compared(const op_def& quantized, const op_def& plain, const value<C>& a,
                            const value<D>& b, rounding round, std::int32_t line) {
  value<C> v = a;
  const std::int32_t other = v.net.wrong.what == mistake::none ? join(v, b) : 0;
  if (v.net.wrong.what != mistake::none) return v;
  const tensor_info x = v.net.tensors[a.out[0]], y = v.net.tensors[other];
  if (x.type != y.type)
    return broken(v, mistake::element_types_differ, dims{static_cast<std::int32_t>(x.type)},
                  dims{static_cast<std::int32_t>(y.type)}, line);
  const std::int32_t ins[2]{a.out[0], other};
  const bool by_value =
      x.quantized() && is_8bit(x.type);  // int16 and plain numbers are compared as they are
  return then(v,
              {.op = by_value ? &quantized : &plain,
               .round = round,
               .by_law = by_value && round == rounding::none,
               .line = line},
              ins, attribute_list{}, typed_as(dtype::boolean, {}));
}
}  // namespace detail
/// The lesser (larger) of two values of one quantization, with broadcasting.
template <int C, int D>
constexpr value<C> minimum(const value<C>& a, const value<D>& b,
                           std::int32_t line = __builtin_LINE()) {
  return detail::extremum(ops::qnn_minimum, ops::minimum, a, b, line);
}
template <int C, int D>
constexpr value<C> maximum(const value<C>& a, const value<D>& b,
                           std::int32_t line = __builtin_LINE()) {
  return detail::extremum(ops::qnn_maximum, ops::maximum, a, b, line);
}
/// Comparisons: booleans; 8-bit values are compared as reals.
template <int C, int D>
constexpr value<C> equal(const value<C>& a, const value<D>& b, rounding r = rounding::none,
                         std::int32_t line = __builtin_LINE()) {
  return detail::compared(ops::qnn_equal, ops::equal, a, b, r, line);
}
template <int C, int D>
constexpr value<C> not_equal(const value<C>& a, const value<D>& b, rounding r = rounding::none,
                             std::int32_t line = __builtin_LINE()) {
  return detail::compared(ops::qnn_not_equal, ops::not_equal, a, b, r, line);
}
template <int C, int D>
constexpr value<C> less(const value<C>& a, const value<D>& b, rounding r = rounding::none,
                        std::int32_t line = __builtin_LINE()) {
  return detail::compared(ops::qnn_less, ops::less, a, b, r, line);
}
template <int C, int D>
constexpr value<C> less_equal(const value<C>& a, const value<D>& b, rounding r = rounding::none,
                              std::int32_t line = __builtin_LINE()) {
  return detail::compared(ops::qnn_less_equal, ops::less_equal, a, b, r, line);
}
template <int C, int D>
constexpr value<C> greater(const value<C>& a, const value<D>& b, rounding r = rounding::none,
                           std::int32_t line = __builtin_LINE()) {
  return detail::compared(ops::qnn_greater, ops::greater, a, b, r, line);
}
template <int C, int D>
constexpr value<C> greater_equal(const value<C>& a, const value<D>& b, rounding r = rounding::none,
                                 std::int32_t line = __builtin_LINE()) {
  return detail::compared(ops::qnn_greater_equal, ops::greater_equal, a, b, r, line);
}

struct batch_matmul_options {
  bool adj_x = false, adj_y = false;  // the operand is stored with its last two axes exchanged
  std::optional<dtype> type{};        // of the result; none: as the first operand
  rounding round = rounding::none;
};
/// Matrix products [..., M, K] x [..., K, N] of two values. Without an output quantization:
/// accumulators, as after conv2d.
template <int C, int D>
constexpr value<C> batch_matmul(const value<C>& a, const value<D>& b, affine q = {},
                                batch_matmul_options o = {}, std::int32_t line = __builtin_LINE()) {
  value<C> v = a;
  const std::int32_t other = v.net.wrong.what == mistake::none ? detail::join(v, b) : 0;
  if (v.net.wrong.what != mistake::none) return v;
  const detail::tensor_info x = v.net.tensors[a.out[0]], y = v.net.tensors[other];
  const std::int32_t ins[2]{a.out[0], other};
  detail::attribute_list list{};
  append_attributes(list, batch_matmul_attrs{o.adj_x, o.adj_y});
  if (x.type == dtype::f32 && y.type == dtype::f32)
    return detail::then(v, {.op = &ops::batch_matmul, .line = line}, ins, list,
                        detail::typed_as(dtype::f32, {}));
  if (!detail::need_quantized(v, x, line) || !detail::need_quantized(v, y, line)) return v;
  const bool accumulates = q.scale == 0 && o.round == rounding::none;
  if (!accumulates && !(q.scale > 0))
    return detail::broken(v, mistake::scale_not_positive, dims{1},
                          dims{detail::millionths(q.scale)}, line);
  const auto to = accumulates ? detail::typed_as(x.type == dtype::s16 ? dtype::s64 : dtype::s32,
                                                 {x.scale * y.scale, 0})
                              : detail::typed_as(o.type.value_or(x.type), q);
  return detail::then(v,
                      {.op = &ops::qnn_batch_matmul,
                       .round = o.round,
                       .by_law = !accumulates && o.round == rounding::none,
                       .line = line},
                      ins, list, to);
}

// ---- images and data movement ----

/// Nearest neighbour: `x | resize_nearest({.out_h = 32, .out_w = 32, .half_pixel_centers = true})`.
constexpr auto resize_nearest(resize_attrs o, std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::resize_nearest,
      [o](detail::attribute_list& a, const detail::tensor_info&) { append_attributes(a, o); },
      line);
}
/// Bilinear; the quantization stays.
constexpr auto resize_bilinear(resize_attrs o, rounding round = rounding::none,
                               std::int32_t line = __builtin_LINE()) {
  detail::attribute_list a{};
  append_attributes(a, o);
  return detail::function(ops::qnn_resize_bilinear, ops::resize_bilinear,
                          detail::result_range::input, a, {}, round, line);
}
/// Axes in another order: `x | transpose({0, 3, 1, 2})`.
constexpr auto transpose(dims perm, std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::transpose,
      [perm](detail::attribute_list& a, const detail::tensor_info&) {
        a.integer_list("perm", perm);
      },
      line);
}
/// A box: `size` -1 is everything from `begin` on.
constexpr auto slice(dims begin, dims size, std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::slice,
      [begin, size](detail::attribute_list& a, const detail::tensor_info&) {
        a.integer_list("begin", begin), a.integer_list("size", size);
      },
      line);
}
/// Python's slicing: `x | strided_slice({.begin = {0, 1}, .end = {1, -1}, .strides = {1, 2}})`.
constexpr auto strided_slice(strided_slice_attrs o, std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::strided_slice,
      [o](detail::attribute_list& a, const detail::tensor_info&) { append_attributes(a, o); },
      line);
}
constexpr auto tile(dims multiples, std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::tile,
      [multiples](detail::attribute_list& a, const detail::tensor_info&) {
        a.integer_list("multiples", multiples);
      },
      line);
}
constexpr auto reverse(dims axes, std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::reverse,
      [axes](detail::attribute_list& a, const detail::tensor_info&) {
        a.integer_list("axes", axes);
      },
      line);
}
constexpr auto broadcast_to(dims shape, std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::broadcast_to,
      [shape](detail::attribute_list& a, const detail::tensor_info&) {
        a.integer_list("shape", shape);
      },
      line);
}
constexpr auto space_to_depth(std::int32_t block, std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::space_to_depth,
      [block](detail::attribute_list& a, const detail::tensor_info&) {
        a.integer("block_size", block);
      },
      line);
}
constexpr auto depth_to_space(std::int32_t block, std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::depth_to_space,
      [block](detail::attribute_list& a, const detail::tensor_info&) {
        a.integer("block_size", block);
      },
      line);
}
namespace detail {
/// paddings: how many before and after, axis by axis.
template <std::size_t N>
constexpr auto padded(const op_def& quantized, const op_def& plain,
                      const std::int32_t (&paddings)[N], std::int32_t mode, std::int32_t line) {
  std::array<std::int64_t, N> p{};
  for (std::size_t i = 0; i < N; ++i) p[i] = paddings[i];
  return pending{[=, &quantized, &plain]<int C>(const value<C>& x) {
    return moved(
        first(x).quantized() ? quantized : plain,
        [&](attribute_list& a, const tensor_info&) {
          a.integer_list("paddings", p);
          if (mode != 0) a.integer("mode", mode);
        },
        line)(x);
  }};
}
}  // namespace detail
/// Real zeros around: two numbers per axis, `x | pad({0, 0, 1, 1, 1, 1, 0, 0})`.
template <std::size_t N>
constexpr auto pad(const std::int32_t (&paddings)[N], std::int32_t line = __builtin_LINE()) {
  return detail::padded(ops::qnn_pad, ops::pad, paddings, 0, line);
}
/// The tensor's own elements around, mirrored: without its edge (reflect) or with it (symmetric).
template <std::size_t N>
constexpr auto mirror_pad(const std::int32_t (&paddings)[N], pad_mode mode = pad_mode::reflect,
                          std::int32_t line = __builtin_LINE()) {
  return detail::padded(ops::mirror_pad, ops::mirror_pad, paddings, static_cast<std::int32_t>(mode),
                        line);
}

/// Equal pieces along an axis: `const auto p = x | split(3, 2);` then p[0], p[1].
constexpr auto split(std::int32_t axis, std::int32_t pieces, std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    const detail::tensor_info t = detail::first(x);
    const std::int32_t rank = t.shape.rank, at = axis < 0 ? axis + rank : axis;
    if (at < 0 || at >= rank)
      return detail::broken(x, mistake::axis_out_of_range, dims{-rank, rank - 1}, dims{axis}, line);
    if (pieces < 1 || pieces > 16 || t.shape.extent[at] % pieces != 0)
      return detail::broken(x, mistake::attribute_out_of_range, dims{t.shape.extent[at]},
                            dims{pieces}, line);
    value<C> v = x;
    std::array<detail::tensor_info, 16> types{};
    types.fill(detail::typed_as(t.type, {t.scale, t.zero_point}));
    detail::attribute_list a{};
    a.integer("axis", axis);
    std::int32_t ids[16]{};
    if (detail::append(v.net, {.op = &ops::split, .line = line}, {x.out, 1}, a,
                       {types.data(), static_cast<std::size_t>(pieces)}, ids)) {
      for (std::int32_t i = 0; i < pieces; ++i) v.out[i] = ids[i], v.out_name[i] = nullptr;
      v.outs = pieces;
    }
    return v;
  }};
}

// ---- with memory ----

struct svdf_options {
  std::int32_t units = 0, rank = 1;  // results; filters per unit
  const char* name = nullptr;        // of the state: two layers need two names
  affine state{};                    // quantization of the state (int16)
};
/// A layer with memory (keyword spotting): x int8 [B, C], feature weights int8 [units * rank, C],
/// time weights int16 [units * rank, M], result int8 [B, units].
constexpr auto svdf(svdf_options o, constant feature, constant time, constant bias, affine out,
                    std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    value<C> v = x;
    const detail::tensor_info t = detail::first(x);
    if (!detail::need_quantized(v, t, line)) return v;
    if (t.shape.rank != 2)
      return detail::broken(v, mistake::wrong_rank, dims{2}, dims{t.shape.rank}, line);
    if (!(o.state.scale > 0))
      return detail::broken(v, mistake::scale_not_positive, dims{1},
                            dims{detail::millionths(o.state.scale)}, line);
    const std::int32_t filters = o.units * o.rank, depth = t.shape.extent[1],
                       memory = filters > 0 ? static_cast<std::int32_t>(time.count) / filters : 0;
    if (filters < 1 ||
        feature.count != static_cast<std::size_t>(filters) * static_cast<std::size_t>(depth))
      return detail::broken(v, mistake::weight_count_differs, dims{filters * depth},
                            dims{static_cast<std::int32_t>(feature.count)}, line);
    if (memory < 1 ||
        time.count != static_cast<std::size_t>(filters) * static_cast<std::size_t>(memory))
      return detail::broken(v, mistake::weight_count_differs,
                            dims{filters * (memory < 1 ? 1 : memory)},
                            dims{static_cast<std::int32_t>(time.count)}, line);
    if (bias.present() && bias.count != static_cast<std::size_t>(o.units))
      return detail::broken(v, mistake::bias_count_differs, dims{o.units},
                            dims{static_cast<std::int32_t>(bias.count)}, line);
    detail::tensor_info state = detail::typed_as(dtype::s16, o.state);
    state.role = detail::role::state;
    state.shape = detail::pack(dims{t.shape.extent[0], filters * memory});
    state.name = o.name ? o.name : "svdf";
    const std::int32_t ins[5]{
        x.out[0], v.net.add_tensor(detail::constant_info(feature, dims{filters, depth}, 0), line),
        v.net.add_tensor(detail::constant_info(time, dims{filters, memory}, 0), line),
        v.net.add_tensor(state, line),
        bias.present() ? v.net.add_tensor(detail::constant_info(bias, dims{o.units}, 0), line)
                       : -1};
    detail::attribute_list a{};
    append_attributes(a, svdf_attrs{o.rank});
    const detail::tensor_info outs[2]{detail::typed_as(dtype::s8, out),
                                      detail::result_info(updates(3), {})};
    std::int32_t ids[2]{};
    if (detail::append(
            v.net, {.op = &ops::qnn_svdf, .round = rounding::doubling_high_half_away, .line = line},
            {ins, bias.present() ? std::size_t{5} : std::size_t{4}}, a, outs, ids))
      v.out[0] = ids[0];
    v.outs = 1;
    v.out_name[0] = nullptr;
    return v;
  }};
}

}  // namespace typed
OCTET_NAMESPACE_END

// ---- octet/typed/typed.hpp
// Typed graphs: networks composed in code and checked by the compiler. docs/typed.md shows how to
// write them.


OCTET_NAMESPACE_BEGIN
namespace typed {

namespace detail {
/// Can the compiler evaluate this operator's shape rule, and what memory it takes? Any answers will
/// do.
constexpr bool evaluates(const op_def& op) {
  std::array<tensor_desc, 16> in{};
  for (tensor_desc& t : in) t = {dtype::s8, dims{2, 4, 4, 4}};
  std::array<tensor_desc, 4> out{};
  std::array<std::span<const std::byte>, 16> constants{};
  std::array<bool, 16> given{};
  given.fill(true);
  const attribute_view attrs;
  std::array<dims, 4> shapes{};
  const auto ins = static_cast<std::size_t>(op.min_inputs),
             outs = op.outputs < 0 ? std::size_t{2} : static_cast<std::size_t>(op.outputs);
  const node_view n{
      {in.data(), ins}, {out.data(), outs}, {constants.data(), ins}, {given.data(), ins},
      &attrs,           rounding::none};
  constexpr const kernels::target_layout* layouts[] = {&kernels::avx2_layout, nullptr};
  for (tensor_desc& t : out) t = {dtype::s8, dims{2, 4, 4, 4}};
  if (octet::detail::memory_of_step(op, n, layouts).params == 0) return false;
  if (op.shape == nullptr) return true;  // node() then takes the shapes its caller gives
  const status s = op.shape(n, std::span<dims>(shapes.data(), outs));
  return s || s.broken();
}
template <std::size_t... I> constexpr bool all_evaluate(std::index_sequence<I...>) {
  return (std::bool_constant<evaluates(*builtin_operators()[I])>::value && ...);
}
}  // namespace detail
#if defined(OCTET_IMPLEMENTATION)  // once, where octet itself is built
// An operator whose rules the compiler cannot evaluate has no typed form: make its *_op_shape
// constexpr and return violations, and its memory constexpr (ops/op.hpp).
static_assert(detail::all_evaluate(std::make_index_sequence<builtin_operators().size()>()),
              "octet: an operator has no typed form");
#endif

}  // namespace typed
OCTET_NAMESPACE_END

// ---- octet/octet.hpp
// All of octet that needs no further library (but Highway and Boost.Hana, headers only): graphs,
// passes, planner, executor, kernels, typed graphs. Importers are opt-in headers beside it.


#if OCTET_HAS_DEFINITIONS
#if !__has_include(OCTET_SINGLE_FILE)
#error "octet: this header includes itself once per SIMD target and has been renamed: define OCTET_SINGLE_FILE to its name, in quotes, before including it"
#endif
// ---- octet/kernels/detect.hpp
// What this CPU can do, asked directly: no libhwy at link time.

#include <atomic>
#include <cstdint>


#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

OCTET_NAMESPACE_BEGIN
namespace kernels {

constexpr std::uint32_t bit_of(target t) noexcept {
  return std::uint32_t{1} << static_cast<unsigned>(t);
}

/// One bit per target that the CPU and the operating system support. The conditions are Highway's
/// for the target of the same name (their code may use all of these extensions); AVX3_VNNI is AVX3
/// and the 512-bit dot product.
inline std::uint32_t detect_cpu() noexcept {
  std::uint32_t can = bit_of(target::reference) | bit_of(target::emu128);
#if defined(__x86_64__) || defined(__i386__)
  unsigned a = 0, b = 0, c = 0, d = 0, b7 = 0, c7 = 0, cx = 0;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return can;
  unsigned a7 = 0, d7 = 0, ax = 0, bx = 0, dx = 0;
  if (!__get_cpuid_count(7, 0, &a7, &b7, &c7, &d7)) b7 = c7 = 0;
  if (!__get_cpuid(0x80000001u, &ax, &bx, &cx, &dx)) cx = 0;
  struct {
    constexpr bool operator()(unsigned r, int i) const { return r >> i & 1u; }
  } bit;
  std::uint32_t state = 0;  // XCR0: which registers the operating system saves
  if (bit(c, 27)) {
    std::uint32_t high = 0;
    __asm__ volatile("xgetbv" : "=a"(state), "=d"(high) : "c"(0));
  }
  const bool sse4 = bit(c, 0) && bit(c, 9) && bit(c, 19) && bit(c, 20) && bit(c, 1) &&
                    bit(c, 25);  // SSE3, SSSE3, SSE4.1, SSE4.2, PCLMUL, AES
  const bool avx2 = sse4 && (state & 6) == 6 && bit(c, 28) && bit(b7, 5) && bit(c, 12) &&
                    bit(c, 29) && bit(b7, 3) && bit(b7, 8) &&
                    bit(cx, 5);  // AVX, AVX2, FMA, F16C, BMI, BMI2, LZCNT
  const bool avx3 = avx2 && (state & 0xE6) == 0xE6 && bit(b7, 16) && bit(b7, 17) && bit(b7, 30) &&
                    bit(b7, 31);  // AVX512 F, DQ, BW, VL
  if (sse4) can |= bit_of(target::sse4);
  if (avx2) can |= bit_of(target::avx2) | bit_of(target::avx2_vnni_emulated);
  if (avx3) can |= bit_of(target::avx3);
  if (avx3 && bit(c7, 11)) can |= bit_of(target::avx3_vnni);
#elif defined(__aarch64__)
  can |= bit_of(target::neon);
#if defined(__ARM_FEATURE_DOTPROD)
  can |= bit_of(target::neon_dotprod);
#elif defined(__linux__)
  constexpr unsigned long dotprod = 1ul << 20;  // HWCAP_ASIMDDP
  if (getauxval(AT_HWCAP) & dotprod) can |= bit_of(target::neon_dotprod);
#endif
#endif
  return can;
}

/// Constant-initialized; two threads that find it empty compute the same value.
inline constinit std::atomic<std::uint32_t> cpu_targets{0};
inline std::uint32_t cpu() noexcept {
  std::uint32_t can = cpu_targets.load(std::memory_order_relaxed);
  if (can == 0) {
    can = detect_cpu();
    cpu_targets.store(can, std::memory_order_relaxed);
  }
  return can;
}

}  // namespace kernels
OCTET_NAMESPACE_END

// ---- octet/kernels/targets.hpp
// Compiles every kernels/*-inl.hpp once per SIMD target: pass-inl.hpp is included once per target
// with Highway's HWY_TARGET set to it. Passes run for the targets at or above the one that the
// file's own -march flags imply: the CPU runs those flags anyway.

#if defined(HIGHWAY_HWY_FOREACH_TARGET_H_)
#error \
    "octet: this file includes hwy/foreach_target.h before octet's kernels; \
define OCTET_EXTERN in it and link octet::compiled"
#endif
#if defined(HWY_WANT_AVX3_DL)
#error \
    "octet: HWY_WANT_AVX3_DL makes Highway 1.0.3 emit AVX-VNNI encodings on CPUs that lack them; \
octet has its own VNNI target and does not need it"
#endif

// Highway 1.0.3 refuses files whose -march flags give its AVX3_DL target (-march=sapphirerapids,
// -march=native there) unless it is asked for by the macro above.
#if !defined(HWY_DISABLED_TARGETS) && defined(__AVXVNNI__) && defined(__AVX512VBMI2__)
#define HWY_DISABLED_TARGETS HWY_AVX3_DL
#endif
#include <hwy/highway.h>


// OCTET_HAS_*: which passes this file compiles. OCTET_TEST_TARGETS: also those that only tests run.
#if defined(OCTET_TEST_TARGETS)
#define OCTET_HAS_EMU128 1
#else
#define OCTET_HAS_EMU128 0
#endif
#if HWY_ARCH_X86
#define OCTET_HAS_SSE4 \
  (HWY_STATIC_TARGET >= HWY_SSE4 && !((HWY_DISABLED_TARGETS | HWY_BROKEN_TARGETS) & HWY_SSE4))
#define OCTET_HAS_AVX2 \
  (HWY_STATIC_TARGET >= HWY_AVX2 && !((HWY_DISABLED_TARGETS | HWY_BROKEN_TARGETS) & HWY_AVX2))
#define OCTET_HAS_AVX3 (!((HWY_DISABLED_TARGETS | HWY_BROKEN_TARGETS) & HWY_AVX3))
#if OCTET_HAS_AVX2 && defined(OCTET_TEST_TARGETS)
#define OCTET_HAS_AVX2_VNNI_EMULATED 1
#else
#define OCTET_HAS_AVX2_VNNI_EMULATED 0
#endif
#define OCTET_HAS_NEON 0
#define OCTET_HAS_NEON_DOTPROD 0
#else
#define OCTET_HAS_SSE4 0
#define OCTET_HAS_AVX2 0
#define OCTET_HAS_AVX2_VNNI_EMULATED 0
#define OCTET_HAS_AVX3 0
#if HWY_ARCH_ARM_A64
#define OCTET_HAS_NEON 1
#if HWY_COMPILER_GCC_ACTUAL || defined(__ARM_FEATURE_DOTPROD)
#define OCTET_HAS_NEON_DOTPROD 1
#else
#define OCTET_HAS_NEON_DOTPROD 0
#endif
#else
#define OCTET_HAS_NEON 0
#define OCTET_HAS_NEON_DOTPROD 0
#endif
#endif

#define OCTET_KERNEL_PASS

#if OCTET_HAS_EMU128
#undef HWY_TARGET
#define HWY_TARGET HWY_EMU128
#include OCTET_SINGLE_FILE
#endif
#if OCTET_HAS_SSE4
#undef HWY_TARGET
#define HWY_TARGET HWY_SSE4
#include OCTET_SINGLE_FILE
#endif
#if OCTET_HAS_AVX2
#undef HWY_TARGET
#define HWY_TARGET HWY_AVX2
#include OCTET_SINGLE_FILE
#if OCTET_HAS_AVX2_VNNI_EMULATED
#define OCTET_PASS_QUAD 2
#include OCTET_SINGLE_FILE
#undef OCTET_PASS_QUAD
#endif
#endif
#if OCTET_HAS_AVX3
#undef HWY_TARGET
#if HWY_STATIC_TARGET < HWY_AVX3
#define HWY_TARGET HWY_STATIC_TARGET  // ops above AVX3: the file's own flags ask for them
#else
#define HWY_TARGET HWY_AVX3
#endif
#include OCTET_SINGLE_FILE
#define OCTET_PASS_QUAD 1
#include OCTET_SINGLE_FILE
#undef OCTET_PASS_QUAD
#endif
#if OCTET_HAS_NEON
#undef HWY_TARGET
#define HWY_TARGET HWY_NEON
#include OCTET_SINGLE_FILE
#if OCTET_HAS_NEON_DOTPROD
#define OCTET_PASS_QUAD 3
#include OCTET_SINGLE_FILE
#undef OCTET_PASS_QUAD
#endif
#endif

// Back to the static target for whatever this file includes next.
#undef HWY_TARGET
#define HWY_TARGET HWY_STATIC_TARGET
#define OCTET_PASS_NONE
#include OCTET_SINGLE_FILE
#undef OCTET_PASS_NONE

#undef OCTET_KERNEL_PASS

// ---- octet/kernels/dispatch.hpp
// From (kernel, target) to the entry: constant tables with external linkage, the same in every file
// that was built with the same flags.


OCTET_NAMESPACE_BEGIN

namespace kernels {

inline constexpr target compiled[] = {
    target::reference,
#if OCTET_HAS_EMU128
    target::emu128,
#endif
#if OCTET_HAS_SSE4
    target::sse4,
#endif
#if OCTET_HAS_AVX2
    target::avx2,
#endif
#if OCTET_HAS_AVX2_VNNI_EMULATED
    target::avx2_vnni_emulated,
#endif
#if OCTET_HAS_AVX3
    target::avx3,
    target::avx3_vnni,
#endif
#if OCTET_HAS_NEON
    target::neon,
#endif
#if OCTET_HAS_NEON_DOTPROD
    target::neon_dotprod,
#endif
};

// Constants that files without kernels go by are those the kernels are compiled for.
#if OCTET_HAS_EMU128
static_assert(simd_emu128::layout == *layout_of(target::emu128));
#endif
#if OCTET_HAS_SSE4
static_assert(simd_sse4::layout == sse4_layout);
#endif
#if OCTET_HAS_AVX2
static_assert(simd_avx2::layout == avx2_layout);
#endif
#if OCTET_HAS_AVX2_VNNI_EMULATED
static_assert(simd_avx2_vnni_emulated::layout == avx2_quad_layout);
#endif
#if OCTET_HAS_AVX3
static_assert(simd_avx3::layout == avx3_layout);
static_assert(simd_avx3_vnni::layout == avx3_quad_layout);
#endif
#if OCTET_HAS_NEON
static_assert(simd_neon::layout == neon_layout);
#endif
#if OCTET_HAS_NEON_DOTPROD
static_assert(simd_neon_dotprod::layout == neon_quad_layout);
#endif

/// The entry of one kernel, null on targets that this file has no pass for; a file that names a
/// kernel instantiates that kernel alone.
template <kernel_id Id> const kernel_entry* entry(target t) noexcept {
  switch (t) {
#if OCTET_HAS_EMU128
    case target::emu128: return simd_emu128::kernel<Id>::entry;
#else
    case target::emu128: break;
#endif
#if OCTET_HAS_SSE4
    case target::sse4: return simd_sse4::kernel<Id>::entry;
#else
    case target::sse4: break;
#endif
#if OCTET_HAS_AVX2
    case target::avx2: return simd_avx2::kernel<Id>::entry;
#else
    case target::avx2: break;
#endif
#if OCTET_HAS_AVX2_VNNI_EMULATED
    case target::avx2_vnni_emulated: return simd_avx2_vnni_emulated::kernel<Id>::entry;
#else
    case target::avx2_vnni_emulated: break;
#endif
#if OCTET_HAS_AVX3
    case target::avx3: return simd_avx3::kernel<Id>::entry;
    case target::avx3_vnni: return simd_avx3_vnni::kernel<Id>::entry;
#else
    case target::avx3:
    case target::avx3_vnni: break;
#endif
#if OCTET_HAS_NEON
    case target::neon: return simd_neon::kernel<Id>::entry;
#else
    case target::neon: break;
#endif
#if OCTET_HAS_NEON_DOTPROD
    case target::neon_dotprod: return simd_neon_dotprod::kernel<Id>::entry;
#else
    case target::neon_dotprod: break;
#endif
    case target::automatic:
    case target::reference: break;
  }
  return nullptr;
}

template <std::size_t... I>
const kernel_entry* find_in(kernel_id id, target t, std::index_sequence<I...>) noexcept {
  const kernel_entry* found = nullptr;
  ((id == enumerators<kernel_id>[I] ? static_cast<void>(found = entry<enumerators<kernel_id>[I]>(t))
                                    : static_cast<void>(0)),
   ...);
  return found;
}

OCTET_INLINE const kernel_entry* find(kernel_id id, target t) noexcept {
  return find_in(id, t, std::make_index_sequence<enumerators<kernel_id>.size()>());
}

}  // namespace kernels

OCTET_INLINE std::span<const target> compiled_targets() noexcept { return kernels::compiled; }
OCTET_INLINE std::span<const target> usable_targets() noexcept {
  const std::uint32_t can = kernels::cpu();
  std::size_t n = 1;
  while (n < std::size(kernels::compiled) && (can & kernels::bit_of(kernels::compiled[n])) != 0)
    ++n;
  return std::span<const target>(kernels::compiled).first(n);
}
OCTET_INLINE bool can_run(target t) noexcept {
  for (const target u : usable_targets())
    if (u == t) return true;
  return false;
}
OCTET_INLINE target best_target() noexcept {
  return usable_targets().back() == target::avx2_vnni_emulated ? target::avx2
                                                               : usable_targets().back();
}
OCTET_INLINE std::optional<target> target_from_name(std::string_view name) noexcept {
  for (const target t : enumerators<target>) {
    const std::string_view n = name_of(t);
    bool same = n.size() == name.size();
    for (std::size_t k = 0; same && k < n.size(); ++k) {
      const auto upper = [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      };
      same = upper(n[k]) == upper(name[k]);
    }
    if (same) return t;
  }
  return std::nullopt;
}

OCTET_NAMESPACE_END

// ---- octet/runtime/plan-impl.hpp
// Definition of try_compile. Included by plan.hpp unless the build links octet::compiled.


OCTET_NAMESPACE_BEGIN

namespace detail {

class planner {
 public:
  planner(graph g, const plan_options& o) : d_(std::make_shared<plan_data>()) {
    d_->source = std::move(g);
    d_->options = o;
    if (d_->options.threads == 0) d_->options.threads = 1;
  }

  result<plan> run() {
    graph& g = d_->source;
    if (auto s = verify(g, d_->options.max); !s) return s.error();
    if (d_->options.optimize) passes::optimize(g, d_->options.keep_all);
    d_->on = d_->options.on == target::automatic ? best_target() : d_->options.on;
    if (!can_run(d_->on))
      return unsupported("target", std::string(name_of(d_->on)),
                         "a target of this build that this CPU can run; see `octet info`");
    place_tensors();
    for (std::size_t i = 0; i < g.nodes.size(); ++i)
      if (auto s = add_step(i); !s)
        return at(s.error(), g, &g.nodes[i],
                  g.nodes[i].out.empty() ? no_tensor : g.nodes[i].out[0]);
    return plan(std::move(d_));
  }

 private:
  const graph& g() const { return d_->source; }

  /// Where every tensor lies; `skipped_`.
  void place_tensors() {
    const std::size_t count = g().tensors.size();
    std::vector<memory_graph::tensor> tensors;
    for (const tensor& t : g().tensors)
      tensors.push_back({bytes_of(t.shape.elements(), t.type).value, kind_of(t.role)});
    std::vector<memory_graph::node> nodes;
    std::vector<tensor_id> operands;
    const auto add = [&](const std::vector<tensor_id>& list) {
      operands.insert(operands.end(), list.begin(), list.end());
      return static_cast<std::int32_t>(list.size());
    };
    for (const node& n : g().nodes) {
      memory_graph::node to{};
      to.first_in = static_cast<std::int32_t>(operands.size());
      to.ins = add(n.in);
      to.first_out = static_cast<std::int32_t>(operands.size());
      to.outs = add(n.out);
      to.alias = is_alias(*n.op, node_inputs(g(), n).view());
      nodes.push_back(to);
    }
    skipped_ = std::make_unique<bool[]>(nodes.size() + 1);
    std::vector<std::size_t> offset(count);
    memory_layout layout{offset, {skipped_.get(), nodes.size()}};
    lay_out({tensors, nodes, operands, g().inputs, g().outputs, d_->options.keep_all}, layout);
    d_->activation_bytes = layout.arena;
    d_->state_bytes = layout.states;
    for (std::size_t i = 0; i < count; ++i) {
      const tensor& t = g().tensors[i];
      switch (t.role) {
        case tensor::kind::constant:
          d_->where.push_back({placement::where::constant, 0, t.data.bytes.data()});
          break;
        case tensor::kind::state:
          d_->where.push_back({placement::where::state, offset[i], nullptr});
          break;
        case tensor::kind::value:
          d_->where.push_back(offset[i] == no_place
                                  ? placement{}
                                  : placement{placement::where::arena, offset[i], nullptr});
          break;
      }
    }
  }
  static memory_graph::kind kind_of(tensor::kind role) {
    switch (role) {
      case tensor::kind::value: return memory_graph::kind::value;
      case tensor::kind::constant: return memory_graph::kind::constant;
      case tensor::kind::state: break;
    }
    return memory_graph::kind::state;
  }

  status add_step(std::size_t index) {
    const node& n = g().nodes[index];
    const node_inputs in(g(), n);
    if (skipped_[index]) {  // nothing but the operator's own checks
      prepared p;
      p.memory = &d_->memory;
      return prepare_node(*n.op, in.view(), p);
    }
    step st;
    st.node = static_cast<std::int32_t>(index);
    if (auto s = prepare_step(*n.op, in.view(), d_->on, &kernels::find, d_->options.threads,
                              d_->memory, st);
        !s)
      return s;
    d_->scratch_bytes = std::max(d_->scratch_bytes, st.scratch);
    st.first_in = static_cast<std::uint32_t>(d_->operands.size());
    st.inputs = static_cast<std::uint32_t>(n.in.size());
    d_->operands.insert(d_->operands.end(), n.in.begin(), n.in.end());
    st.first_out = static_cast<std::uint32_t>(d_->operands.size());
    st.outputs = static_cast<std::uint32_t>(n.out.size());
    d_->operands.insert(d_->operands.end(), n.out.begin(), n.out.end());
    d_->steps.push_back(st);
    return unit{};
  }

  std::shared_ptr<plan_data> d_;
  std::unique_ptr<bool[]> skipped_;  // per node: its output is its input's bytes
};

}  // namespace detail

OCTET_INLINE result<plan> try_compile(graph g, const plan_options& options) {
  const numerics::exact_environment environment;
  std::string file = g.name;
  auto r = detail::planner(std::move(g), options).run();
  if (!r && r.error().file.empty()) r.error().file = std::move(file);
  return r;
}

OCTET_NAMESPACE_END

#if !defined(OCTET_SINGLE_PASS_SEEN) && !defined(HWY_COMPILE_ONLY_SCALAR)
#error "octet: another file of this name was found in place of this header: define OCTET_SINGLE_FILE to its name, in quotes, before including it"
#endif
#endif  // OCTET_HAS_DEFINITIONS
#endif  // OCTET_SINGLE_HPP_
