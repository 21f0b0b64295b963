// The vectors of a pass: types, tags, lane counts, loads and stores of every element type, sums and
// extremes over lanes. Written in Highway's portable operations, so every family has the same ones;
// what differs between instruction families is in the family's own file (simd-inl.hpp says which).
// Part of a pass: see pass-inl.hpp. g++ 12 instantiates a lambda inside a template without the
// target's attributes: those that take vectors have HWY_ATTR, and files that pseudo targets show
// have none (tests/source_lambdas.sh).
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
/// Asks for the cache line at p, which need not be memory.
HWY_INLINE void prefetch(const std::byte* p) { __builtin_prefetch(p); }
/// To the second cache alone.
HWY_INLINE void prefetch_to_second(const std::byte* p) { __builtin_prefetch(p, 0, 2); }

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

/// A load or store under a mask is one instruction for elements of any size, and touches nothing
/// else (AVX-512).
inline constexpr bool native_masks = HWY_ARCH_X86 && vector_bytes == 64;
/// The first n elements of a vector of D's; the others are 0.
template <class D> HWY_INLINE hn::Vec<D> load_first(D d, const hn::TFromD<D>* p, std::size_t n) {
  if constexpr (native_masks) {
    return hn::MaskedLoad(hn::FirstN(d, n), d, p);
  } else {
    alignas(vector_bytes) hn::TFromD<D> whole[hn::MaxLanes(d)] = {};
    std::memcpy(whole, p, n * sizeof(hn::TFromD<D>));
    return hn::Load(d, whole);
  }
}
template <class D> HWY_INLINE void store_first(hn::Vec<D> v, D d, hn::TFromD<D>* p, std::size_t n) {
  if constexpr (native_masks) {
    hn::BlendedStore(v, hn::FirstN(d, n), d, p);
  } else {
    alignas(vector_bytes) hn::TFromD<D> whole[hn::MaxLanes(d)];
    hn::Store(v, d, whole);
    std::memcpy(p, whole, n * sizeof(hn::TFromD<D>));
  }
}
/// The first n <= lanes<T> elements; the others are 0.
template <class T> HWY_INLINE vec<T> load_some(const T* p, std::size_t n) {
  return load_first(tag<T>(), p, n);
}
template <class T> HWY_INLINE void store_some(vec<T> v, T* p, std::size_t n) {
  store_first(v, tag<T>(), p, n);
}

// ---- widening loads and narrowing stores ----

/// lanes32 integers of a type of at most 32 bits as int32.
template <class T> HWY_INLINE V32 load_as32(const T* p) {
  if constexpr (std::is_same_v<T, std::int32_t>)
    return load(p);
  else
    return hn::PromoteTo(D32(), hn::LoadU(per32<T>(), p));
}
template <class T> HWY_INLINE V32 load_some_as32(const T* p, std::size_t n) {
  if constexpr (std::is_same_v<T, std::int32_t>)
    return load_some(p, n);
  else
    return hn::PromoteTo(D32(), load_first(per32<T>(), p, n));
}
/// Lanes that fit T, as T; others saturate.
template <class T> HWY_INLINE void store_from32(V32 v, T* p) {
  if constexpr (std::is_same_v<T, std::int32_t>)
    store(v, p);
  else
    hn::StoreU(hn::DemoteTo(per32<T>(), v), per32<T>(), p);
}
template <class T> HWY_INLINE void store_some_from32(V32 v, T* p, std::size_t n) {
  if constexpr (std::is_same_v<T, std::int32_t>)
    store_some(v, p, n);
  else
    store_first(hn::DemoteTo(per32<T>(), v), per32<T>(), p, n);
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
  switch (t) {
    case dtype::u8: return load_some_as32(reinterpret_cast<const std::uint8_t*>(p), n);
    case dtype::s8: return load_some_as32(reinterpret_cast<const std::int8_t*>(p), n);
    case dtype::s16: return load_some_as32(reinterpret_cast<const std::int16_t*>(p), n);
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
  return load_some_as32(reinterpret_cast<const std::int32_t*>(p), n);
}
HWY_INLINE void store_some_from32(dtype t, V32 v, std::byte* p, std::size_t n) {
  switch (t) {
    case dtype::u8: return store_some_from32(v, reinterpret_cast<std::uint8_t*>(p), n);
    case dtype::s8: return store_some_from32(v, reinterpret_cast<std::int8_t*>(p), n);
    case dtype::s16: return store_some_from32(v, reinterpret_cast<std::int16_t*>(p), n);
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
  store_some_from32(v, reinterpret_cast<std::int32_t*>(p), n);
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
  if constexpr (std::is_same_v<T, std::int16_t>)
    return load_some(p, n);
  else
    return hn::PromoteTo(D16(), load_first(per16<T>(), p, n));
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
/// Lane i: the sum of lanes i, i + 4, i + 8 and so on of int32, modulo 2^32.
template <class V> HWY_INLINE hn::Vec<hn::CappedTag<std::int32_t, 4>> sums_of_fourths(V v) {
  using D = hn::DFromV<V>;
  if constexpr (hn::MaxLanes(D()) == 4) {
    return v;
  } else {
    const hn::Half<D> half;
    return sums_of_fourths(hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}
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

/// Bytes a[i], b[i], c[i], d[i] of each i in one lane of 32 bits: four vectors to `to`. Lanes keep
/// their 128-bit block: channel_in_panel's order for panels of four vectors.
HWY_INLINE void quads_of(VU8 a, VU8 b, VU8 c, VU8 d, V8* to) {
  const tag<std::uint16_t> u16;
  const auto ab = hn::BitCast(u16, hn::InterleaveLower(DU8(), a, b)),
             AB = hn::BitCast(u16, hn::InterleaveUpper(DU8(), a, b));
  const auto cd = hn::BitCast(u16, hn::InterleaveLower(DU8(), c, d)),
             CD = hn::BitCast(u16, hn::InterleaveUpper(DU8(), c, d));
  to[0] = hn::BitCast(D8(), hn::InterleaveLower(u16, ab, cd));
  to[1] = hn::BitCast(D8(), hn::InterleaveUpper(u16, ab, cd));
  to[2] = hn::BitCast(D8(), hn::InterleaveLower(u16, AB, CD));
  to[3] = hn::BitCast(D8(), hn::InterleaveUpper(u16, AB, CD));
}
/// The same to aligned memory.
HWY_INLINE void store_quads(VU8 a, VU8 b, VU8 c, VU8 d, std::byte* to) {
  V8 q[4];
  quads_of(a, b, c, d, q);
  HWY_UNROLL(4)
  for (int i = 0; i < 4; ++i)
    hn::Store(q[i], D8(), reinterpret_cast<std::int8_t*>(to) + i * lanes8);
}

// ---- the first part of a vector, and copies of it ----

/// The first 1 / Copies of a vector as often as it takes to fill one: 1, 2 or (of four blocks of
/// 128 bits) 4.
template <int Copies> HWY_INLINE V32 load_repeated(const std::int32_t* p) {
  static_assert(Copies == 1 || (lanes32 == 16 && (Copies == 2 || Copies == 4)));
  if constexpr (Copies == 4) {
    return hn::LoadDup128(D32(), p);
  } else if constexpr (Copies == 2) {
    const auto half = hn::LoadU(hn::Half<D32>(), p);
    return hn::Combine(D32(), half, half);
  } else {
    return load(p);
  }
}
/// lanes8 / Copies bytes from each address.
template <int Copies> HWY_INLINE VU8 load_parts(const std::byte* const (&at)[Copies]) {
  static_assert(lanes8 == 64 && (Copies == 2 || Copies == 4));
  const hn::Half<DU8> half;
  if constexpr (Copies == 2) {
    return hn::Combine(DU8(), hn::LoadU(half, reinterpret_cast<const std::uint8_t*>(at[1])),
                       hn::LoadU(half, reinterpret_cast<const std::uint8_t*>(at[0])));
  } else {
    const hn::Half<decltype(half)> quarter;
    return hn::Combine(
        DU8(),
        hn::Combine(half, hn::LoadU(quarter, reinterpret_cast<const std::uint8_t*>(at[3])),
                    hn::LoadU(quarter, reinterpret_cast<const std::uint8_t*>(at[2]))),
        hn::Combine(half, hn::LoadU(quarter, reinterpret_cast<const std::uint8_t*>(at[1])),
                    hn::LoadU(quarter, reinterpret_cast<const std::uint8_t*>(at[0]))));
  }
}
template <int Copies> HWY_INLINE void store_parts(V8 v, std::byte* const (&to)[Copies]) {
  static_assert(lanes8 == 64 && (Copies == 2 || Copies == 4));
  const hn::Half<D8> half;
  const auto lower = hn::LowerHalf(half, v), upper = hn::UpperHalf(half, v);
  if constexpr (Copies == 2) {
    hn::StoreU(lower, half, reinterpret_cast<std::int8_t*>(to[0]));
    hn::StoreU(upper, half, reinterpret_cast<std::int8_t*>(to[1]));
  } else {
    const hn::Half<decltype(half)> quarter;
    hn::StoreU(hn::LowerHalf(quarter, lower), quarter, reinterpret_cast<std::int8_t*>(to[0]));
    hn::StoreU(hn::UpperHalf(quarter, lower), quarter, reinterpret_cast<std::int8_t*>(to[1]));
    hn::StoreU(hn::LowerHalf(quarter, upper), quarter, reinterpret_cast<std::int8_t*>(to[2]));
    hn::StoreU(hn::UpperHalf(quarter, upper), quarter, reinterpret_cast<std::int8_t*>(to[3]));
  }
}

// ---- transposition ----

/// N x N elements of T, N = 16 / sizeof(T): to[j * to_step + i] = from[i * from_step + j].
template <class T>
HWY_INLINE void transpose_block(const T* from, std::size_t from_step, T* to, std::size_t to_step) {
  constexpr int n = 16 / static_cast<int>(sizeof(T));
  const hn::CappedTag<T, static_cast<std::size_t>(n)> d;
  hn::Vec<decltype(d)> a[n], b[n];
  HWY_UNROLL(16)
  for (int i = 0; i < n; ++i) a[i] = hn::LoadU(d, from + static_cast<std::size_t>(i) * from_step);
  // Rows i and i + n/2 interleaved, as often as n has bits.
  for (int stage = 1; stage < n; stage *= 2) {
    HWY_UNROLL(8)
    for (int i = 0; i < n / 2; ++i) {
      b[2 * i] = hn::InterleaveLower(d, a[i], a[i + n / 2]);
      b[2 * i + 1] = hn::InterleaveUpper(d, a[i], a[i + n / 2]);
    }
    HWY_UNROLL(16)
    for (int i = 0; i < n; ++i) a[i] = b[i];
  }
  HWY_UNROLL(16)
  for (int i = 0; i < n; ++i) hn::StoreU(a[i], d, to + static_cast<std::size_t>(i) * to_step);
}
template <class T> inline constexpr std::size_t block_extent = 16 / sizeof(T);
/// to[2 * i] = a[i], to[2 * i + 1] = b[i] for the elements of 16 bytes each.
template <class T> HWY_INLINE void interleave_block(const T* a, const T* b, T* to) {
  const hn::CappedTag<T, block_extent<T>> d;
  const auto x = hn::LoadU(d, a), y = hn::LoadU(d, b);
  hn::StoreU(hn::InterleaveLower(d, x, y), d, to);
  hn::StoreU(hn::InterleaveUpper(d, x, y), d, to + block_extent<T>);
}
/// a[i] = from[2 * i], b[i] = from[2 * i + 1].
template <class T> HWY_INLINE void deinterleave_block(const T* from, T* a, T* b) {
  const hn::CappedTag<T, block_extent<T>> d;
  const auto x = hn::LoadU(d, from), y = hn::LoadU(d, from + block_extent<T>);
  if constexpr (sizeof(T) == 4) {
    hn::StoreU(hn::ConcatEven(d, y, x), d, a);
    hn::StoreU(hn::ConcatOdd(d, y, x), d, b);
  } else {
    // Odd and even halves of wider elements.
    using Wide = std::conditional_t<sizeof(T) == 1, std::uint16_t, std::uint32_t>;
    const hn::CappedTag<Wide, block_extent<Wide>> w;
    alignas(16) Wide words[2][block_extent<Wide>];
    hn::Store(hn::BitCast(w, x), w, words[0]);
    hn::Store(hn::BitCast(w, y), w, words[1]);
    for (std::size_t i = 0; i < block_extent<T>; ++i) {
      const Wide v = words[i / block_extent<Wide>][i % block_extent<Wide>];
      a[i] = static_cast<T>(v);
      b[i] = static_cast<T>(v >> (8 * sizeof(T)));
    }
  }
}

}  // namespace simd
}  // namespace OCTET_TARGET_NS
OCTET_NAMESPACE_END

#endif  // OCTET_KERNEL_PASS
