// Calls a generic function with C++ types chosen by run-time dtypes.
#ifndef OCTET_OPS_TYPES_HPP_
#define OCTET_OPS_TYPES_HPP_

#include "octet/core/types.hpp"

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
/// f(type_tag<T>{}) for bytes, u8 and s8 (others: not called, returns false).
template <class F> constexpr bool with_eight_bit(dtype t, F&& f) {
  switch (t) {
    case dtype::u8: f(type_tag<std::uint8_t>{}); return true;
    case dtype::s8: f(type_tag<std::int8_t>{}); return true;
    case dtype::f32:
    case dtype::f64:
    case dtype::f16:
    case dtype::s16:
    case dtype::u16:
    case dtype::s32:
    case dtype::u32:
    case dtype::s64:
    case dtype::u64:
    case dtype::boolean: return false;
  }
  return false;
}
/// f(type_tag<T>{}) for accumulators, s32 and s64 (others: not called, returns false).
template <class F> constexpr bool with_accumulator(dtype t, F&& f) {
  switch (t) {
    case dtype::s32: f(type_tag<std::int32_t>{}); return true;
    case dtype::s64: f(type_tag<std::int64_t>{}); return true;
    case dtype::f32:
    case dtype::f64:
    case dtype::f16:
    case dtype::u8:
    case dtype::s8:
    case dtype::s16:
    case dtype::u16:
    case dtype::u32:
    case dtype::u64:
    case dtype::boolean: return false;
  }
  return false;
}
/// f(type_tag<T>{}) for what plain sums and products are of: f32, s32, s64; not called for others.
template <class F> constexpr void with_arithmetic(dtype t, F&& f) {
  switch (t) {
    case dtype::f32: return f(type_tag<float>{});
    case dtype::s32: return f(type_tag<std::int32_t>{});
    case dtype::s64: return f(type_tag<std::int64_t>{});
    case dtype::f64:
    case dtype::f16:
    case dtype::u8:
    case dtype::s8:
    case dtype::s16:
    case dtype::u16:
    case dtype::u32:
    case dtype::u64:
    case dtype::boolean: break;
  }
}
/// f(type_tag<A>{}, type_tag<B>{}) for two quantized operands, as layers have them; not called for
/// other types.
template <class F> constexpr void with_operands(dtype a, dtype b, F&& f) {
  with_quantized(a, [&]<class A>(type_tag<A> first) {
    with_quantized(b, [&]<class B>(type_tag<B> second) { f(first, second); });
  });
}
/// Results of one type, which the caller owns.
template <class T> struct typed_results {
  T* to;
  constexpr void set(std::size_t i, T v) const noexcept { to[i] = v; }
};
/// Results of any integer type, which the caller owns. What products of operands end in: their
/// loops are compiled for each pair of operands and not once more for each result.
struct integer_results {
  void* to;
  dtype type;
  /// v: of that type's range.
  void set(std::size_t i, std::int64_t v) const noexcept {
    with_integer(type, [&]<class T>(type_tag<T>) { static_cast<T*>(to)[i] = static_cast<T>(v); });
  }
};
/// Codes of any quantized type, whose memory is the caller's: what elements of references are read
/// through that take several of them, since a loop for each combination of types is nearly all of
/// what a header-only file would compile for them.
struct quantized_codes {
  const void* from;
  dtype type;
  std::int32_t operator[](std::size_t i) const noexcept {
    std::int32_t v = 0;
    with_quantized(type, [&]<class T>(type_tag<T>) { v = static_cast<const T*>(from)[i]; });
    return v;
  }
};
/// f(type_tag<U>{}) for an unsigned type of the element's size: data movement. Every type has one.
template <class F> constexpr void with_size(dtype t, F&& f) {
  switch (t) {
    case dtype::u8:
    case dtype::s8:
    case dtype::boolean: return f(type_tag<std::uint8_t>{});
    case dtype::f16:
    case dtype::s16:
    case dtype::u16: return f(type_tag<std::uint16_t>{});
    case dtype::f32:
    case dtype::s32:
    case dtype::u32: return f(type_tag<std::uint32_t>{});
    case dtype::f64:
    case dtype::s64:
    case dtype::u64: return f(type_tag<std::uint64_t>{});
  }
}

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_TYPES_HPP_
