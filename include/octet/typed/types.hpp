// Typed tensors: element type, shape and quantization parameters as template arguments.
#ifndef OCTET_TYPED_TYPES_HPP_
#define OCTET_TYPED_TYPES_HPP_

#include <span>
#include <type_traits>

#include "octet/core/shape.hpp"
#include "octet/kernels/kernel.hpp"

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
  static_assert(sizeof...(E) <= as_size(dims::max_rank), "octet: a tensor has at most eight axes");
  static_assert(((E >= 0) && ... && true), "octet: an extent of a tensor is negative");
  static constexpr dims extents{E...};
  static constexpr std::size_t elements = product_of(E...);
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

#endif  // OCTET_TYPED_TYPES_HPP_
