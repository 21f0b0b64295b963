// views::quantize, views::dequantize, views::requantize: between real numbers and quantized ones,
// by the operators' own formulas.
#ifndef OCTET_VIEWS_QUANTIZE_HPP_
#define OCTET_VIEWS_QUANTIZE_HPP_

#include "octet/laws/quantize.hpp"
#include "octet/ops/dequantize.hpp"
#include "octet/views/tensor_span.hpp"

OCTET_NAMESPACE_BEGIN
namespace views {
namespace detail {

/// Scale and zero point as verify() would accept them for elements of T.
template <class T> status check_affine(const typed::affine& a, const char* who) {
  tensor_desc t;
  t.type = dtype_of<T>;
  t.scales = {&a.scale, 1};
  t.zero_points = {&a.zero_point, 1};
  const status s = octet::detail::verify_quantization(t);
  if (s) return s;
  error_info e = s.error();
  e.what += std::string(" of ") + who;
  return e;
}
template <class T> constexpr std::int32_t lowest() {
  return static_cast<std::int32_t>(std::max<std::int64_t>(lowest_of(dtype_of<T>), INT32_MIN));
}
template <class T> constexpr std::int32_t highest() {
  return static_cast<std::int32_t>(std::min<std::int64_t>(highest_of(dtype_of<T>), INT32_MAX));
}
template <class T>
concept quantized_number = std::is_integral_v<T> && !std::is_same_v<T, bool> && sizeof(T) <= 4;

template <class Out> struct quantizer {
  quantize_factors by{rounding::divide_half_away, 1, 1};
  std::int32_t zero_point = 0;
  constexpr Out operator()(float x) const {
    const quantize_params p{.mode = by.mode,
                            .out_type = dtype_of<Out>,
                            .count = 1,
                            .scale = &by.scale,
                            .inverse = &by.inverse,
                            .zero_point = &zero_point,
                            .lo = lowest<Out>(),
                            .hi = highest<Out>()};
    Out y{};
    reference::quantize(p, &x, &y, 0, 1);
    return y;
  }
};
template <class Out> result<quantizer<Out>> make_quantizer(const typed::affine& to, law l) {
  if (auto s = check_affine<Out>(to, "views::quantize"); !s) return s.error();
  laws::facts f;
  f.arithmetic = l;
  f.y = {dtype_of<Out>, {}, to.scale, to.zero_point};
  const laws::decision d = laws::quantize(f);
  // OPT rounds the last elements of an array in another way than those before them
  if (!d.known || d.round == rounding::tflite_optimized)
    return unsupported("views::quantize to " + std::string(name_of(dtype_of<Out>)),
                       "law " + std::string(name_of(l)),
                       "the operator qnn.quantize in the network");
  const quantizer<Out> q{numerics::factors_of(d.round, to.scale), to.zero_point};
  if (auto s = finite_factors({q.by.scale, q.by.inverse}); !s) return s.error();
  return q;
}

struct dequantizer {
  float scale = 1;
  std::int32_t zero_point = 0;
  template <class In> constexpr float operator()(In q) const {
    return numerics::dequantize(q, zero_point, scale);
  }
};
/// The same of elements whose type is known when the program runs.
struct real_at {
  const void* data = nullptr;
  dtype type = dtype::f32;
  dequantizer by{};
  float operator()(std::ptrdiff_t i) const {
    float real = 0;
    if (type == dtype::f32) return static_cast<const float*>(data)[i];
    with_integer(type, [&]<class T>(type_tag<T>) { real = by(static_cast<const T*>(data)[i]); });
    return real;
  }
};

template <class Out> struct requantizer {
  multiplier mult{};
  float scale = 0;
  double scale64 = 0;
  rounding mode = rounding::none;
  std::int32_t from = 0, to = 0;  // zero points
  template <class In> constexpr Out operator()(In q) const {
    requantize_params p;
    p.mode = mode;
    p.zero_point = to;
    p.lo = lowest<Out>();
    p.hi = highest<Out>();
    p.mult = &mult;
    p.scale = &scale;
    p.scale64 = &scale64;
    return static_cast<Out>(numerics::requantize(p, static_cast<std::int64_t>(q) - from, 0));
  }
};
template <class In, class Out>
result<requantizer<Out>> make_requantizer(const typed::affine& from, const typed::affine& to,
                                          law l) {
  if (auto s = check_affine<In>(from, "views::requantize"); !s) return s.error();
  if (auto s = check_affine<Out>(to, "views::requantize"); !s) return s.error();
  laws::facts f;
  f.arithmetic = l;
  f.x = {dtype_of<In>, {}, from.scale, from.zero_point};
  f.y = {dtype_of<Out>, {}, to.scale, to.zero_point};
  const laws::decision d = laws::requantize(f);
  if (!d.known)
    return unsupported("views::requantize", "law " + std::string(name_of(l)),
                       "laws whose framework has that operator");
  requantizer<Out> r;
  r.mode = requantize_mode(d.round);
  r.from = from.zero_point;
  r.to = to.zero_point;
  set_channel(d.round, &r.mult, &r.scale, &r.scale64, 0, from.scale, to.scale);
  if (auto s = finite_factors({r.scale}); !s) return s.error();
  return r;
}

template <class E>
concept knows_scale = requires(const std::remove_cvref_t<E>& e) {
  e.scale();
  e.zero_point();
  e.shape();
};
template <class T> T made(result<T> r) {
  if (!r) octet::detail::require(r.error());
  return std::move(*r);
}

template <class R, class F> auto over(R&& range, F f) {
  return mapped<ranges::views::all_t<R>, F>(ranges::views::all(static_cast<R&&>(range)), f);
}
template <class Out> struct quantize_fn {
  quantizer<Out> by{};
  template <class R> auto operator()(R&& range) const {
    static_assert(std::is_same_v<leaf_t<ranges::range_reference_t<R>>, float>,
                  "octet: views::quantize takes float32 numbers, or windows of them");
    return over(static_cast<R&&>(range), each_number<quantizer<Out>>{by});
  }
};
/// From the scale that the caller gives.
struct dequantize_by {
  dequantizer by{};
  template <class R> auto operator()(R&& range) const {
    static_assert(quantized_number<leaf_t<ranges::range_reference_t<R>>>,
                  "octet: views::dequantize takes integers of at most 32 bits, or windows of them");
    return over(static_cast<R&&>(range), each_number<dequantizer>{by});
  }
};
/// From the scale that each element knows: results of views::run, a tensor_span.
struct real_numbers {
  template <class E> auto operator()(E&& e) const {
    using D = std::remove_cvref_t<E>;
    if constexpr (std::is_same_v<D, bound_tensor>) {
      const tensor_view v = e.view();
      if (e.per_channel() || !(v.type == dtype::f32 || (e.quantized() && !is_float(v.type))))
        octet::detail::require(unsupported("views::dequantize of \"" + std::string(e.name()) + "\"",
                                           std::string(name_of(v.type)),
                                           "float32, or integers that have one scale"));
      return indexed<real_at>({v.data, v.type, {e.scale().f32(), e.zero_point().value}},
                              v.shape.elements().value);
    } else if constexpr (std::is_same_v<leaf_t<E>, float>) {
      return e;
    } else {
      if (!(e.scale() > 0))
        octet::detail::require(invalid("views::dequantize", "numbers without scale",
                                       "views::dequantize(scale, zero_point)"));
      return each_number<dequantizer>{{static_cast<float>(e.scale()), e.zero_point()}}(
          static_cast<E&&>(e));
    }
  }
};
/// views::dequantize itself: an adaptor, and a function that makes one.
struct dequantize_fn {
  template <ranges::range R> auto operator()(R&& range) const {
    using E = ranges::range_reference_t<R>;
    static_assert(knows_scale<E>,
                  "octet: views::dequantize of numbers without scale: give it, "
                  "views::dequantize(scale, zero_point)");
    if constexpr (requires { std::remove_cvref_t<E>::tensor::quantization; })
      static_assert(std::remove_cvref_t<E>::scale() != 0 || std::is_same_v<leaf_t<E>, float>,
                    "octet: views::dequantize of a result that is not quantized");
    return over(static_cast<R&&>(range), real_numbers{});
  }
  auto operator()(double scale, std::int32_t zero_point = 0) const {
    if (!is_scale(scale))
      octet::detail::require(
          invalid("scale of views::dequantize", std::to_string(scale), "a positive finite number"));
    return ranges::make_view_closure(dequantize_by{{static_cast<float>(scale), zero_point}});
  }
};
template <class In, class Out> struct requantize_fn {
  requantizer<Out> by{};
  template <class R> auto operator()(R&& range) const {
    static_assert(std::is_same_v<leaf_t<ranges::range_reference_t<R>>, In>,
                  "octet: views::requantize is given numbers of another type");
    return over(static_cast<R&&>(range), each_number<requantizer<Out>>{by});
  }
};
}  // namespace detail

/// Real numbers (float32, or windows of them) to values of `Out`, by the formula of qnn.quantize
/// under a law; lazy, number by number. A network that quantizes its input itself
/// (typed::quantize) does so with vector kernels.
/// Errors (octet::error; the program ends where exceptions are off): a scale that is not positive
/// and finite, a zero point outside of `Out`, a law whose formula is not one of single numbers.
template <detail::quantized_number Out>
auto quantize(double scale, std::int32_t zero_point = 0, law l = law::tflite_ref) {
  return ranges::make_view_closure(
      detail::quantize_fn<Out>{detail::made(detail::make_quantizer<Out>({scale, zero_point}, l))});
}
/// The same to a tensor's type: `views::quantize<net::input>()`.
template <detail::tensor_type Tensor, law L = law::tflite_ref> auto quantize() {
  static_assert(Tensor::quantization.scale > 0,
                "octet: views::quantize to a tensor type without scale");
  return quantize<typename Tensor::element>(Tensor::quantization.scale,
                                            Tensor::quantization.zero_point, L);
}

/// Quantized values (or windows of them) to float32, f32((q - zero point) * scale). Without
/// arguments it takes elements that know their scale: results of views::run, tensor_span; results
/// that are float32 already stay. `views::dequantize(scale, zero_point)` takes any integers of at
/// most 32 bits.
inline constexpr ranges::views::view_closure<detail::dequantize_fn> dequantize{};

/// Quantized values of one scale to those of another, by the formula of qnn.requantize under a law.
/// Errors as views::quantize.
template <detail::quantized_number In, detail::quantized_number Out>
auto requantize(typed::affine from, typed::affine to, law l = law::tflite_ref) {
  return ranges::make_view_closure(
      detail::requantize_fn<In, Out>{detail::made(detail::make_requantizer<In, Out>(from, to, l))});
}
/// The same between tensors' types: `views::requantize<first::output, second::input>()`.
template <detail::tensor_type From, detail::tensor_type To, law L = law::tflite_ref>
auto requantize() {
  return requantize<typename From::element, typename To::element>(From::quantization,
                                                                  To::quantization, L);
}

}  // namespace views
OCTET_NAMESPACE_END

#endif  // OCTET_VIEWS_QUANTIZE_HPP_
