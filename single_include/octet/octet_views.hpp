// octet 0.1.0: octet/views.hpp for the single header, which it includes. Made by single_include/amalgamate.py; do not edit.
// Needs octet.hpp beside it and range-v3 (headers only).
// SPDX-License-Identifier: Apache-2.0
#if !defined(OCTET_SINGLE_FILE)
#define OCTET_SINGLE_FILE "octet.hpp"
#endif
#include OCTET_SINGLE_FILE
#if defined(OCTET_SINGLE_HPP_)
// Networks and quantization as views of range-v3: pipelines over streams, images and tables.
// Opt-in: nothing else of octet includes it, or range-v3. docs/pipelines.md shows what to write.
#ifndef OCTET_VIEWS_HPP_
#define OCTET_VIEWS_HPP_

// ---- octet/views/quantize.hpp
// views::quantize, views::dequantize, views::requantize: between real numbers and quantized ones,
// by the operators' own formulas.
#ifndef OCTET_VIEWS_QUANTIZE_HPP_
#define OCTET_VIEWS_QUANTIZE_HPP_

// ---- octet/views/tensor_span.hpp
// A tensor's numbers as a range, and its rows, pixels, channels and tiles as ranges.
#ifndef OCTET_VIEWS_TENSOR_SPAN_HPP_
#define OCTET_VIEWS_TENSOR_SPAN_HPP_

#include <algorithm>

// ---- octet/views/elements.hpp
// What passes through a pipeline: numbers, or windows of numbers, and the iterators that octet's
// views are made of.
#ifndef OCTET_VIEWS_ELEMENTS_HPP_
#define OCTET_VIEWS_ELEMENTS_HPP_

#include <array>
#include <cstring>
#include <iterator>
#include <range/v3/range/access.hpp>
#include <range/v3/range/concepts.hpp>
#include <range/v3/range/primitives.hpp>
#include <range/v3/range/traits.hpp>
#include <range/v3/view/all.hpp>
#include <range/v3/view/view.hpp>
#include <span>


OCTET_NAMESPACE_BEGIN
namespace views {

/// Where the compiler does not know a count.
inline constexpr std::size_t unknown_count = std::dynamic_extent;

namespace detail {

template <class T>
concept number = std::is_arithmetic_v<std::remove_cvref_t<T>>;

/// The numbers that an element holds, however deep: a window of arrays is as many numbers as they
/// hold together.
template <class E> struct leaf { using type = void; };
template <number E> struct leaf<E> { using type = E; };
template <class E>
requires(!number<E> && ranges::range<E>) struct leaf<E> {
  using type = typename leaf<std::remove_cv_t<ranges::range_value_t<E>>>::type;
};
template <class E> using leaf_t = typename leaf<std::remove_cvref_t<E>>::type;
template <class E>
concept element = !std::is_void_v<leaf_t<E>>;

constexpr std::size_t times(std::size_t a, std::size_t b) {
  return a == unknown_count || b == unknown_count ? unknown_count : a * b;
}
/// How many they are, where the type says it.
template <class E> constexpr std::size_t count_of() {
  if constexpr (number<E>)
    return 1;
  else if constexpr (requires { E::fixed_elements; })
    return E::fixed_elements;
  else if constexpr (std::is_array_v<E>)
    return times(std::extent_v<E>, count_of<std::remove_cv_t<std::remove_extent_t<E>>>());
  else if constexpr (requires { E::extent; })
    return times(E::extent, count_of<typename E::value_type>());
  else if constexpr (requires {
                       std::tuple_size<E>::value;
                       typename E::value_type;
                     })
    return times(std::tuple_size<E>::value, count_of<typename E::value_type>());
  else
    return unknown_count;
}
template <class E> inline constexpr std::size_t count = count_of<std::remove_cvref_t<E>>();

template <class R>
concept contiguous = ranges::contiguous_range<R> && ranges::sized_range<R>;

/// Whether a value's memory is its numbers one after the other: a number, an array, an array of
/// arrays.
template <class V> constexpr bool is_packed() {
  if constexpr (number<V>)
    return true;
  else if constexpr (std::is_array_v<V>)
    return is_packed<std::remove_cv_t<std::remove_extent_t<V>>>();
  else if constexpr (requires {
                       std::tuple_size<V>::value;
                       typename V::value_type;
                     })
    return is_packed<std::remove_cv_t<typename V::value_type>>() &&
           sizeof(V) == std::tuple_size<V>::value * sizeof(typename V::value_type);
  else
    return false;
}
/// The same of a range.
template <class R> constexpr bool is_plain() {
  if constexpr (contiguous<R>) return is_packed<std::remove_cv_t<ranges::range_value_t<R>>>();
  return false;
}

/// Appends the numbers of an element at `to`; false where it holds more than there is room for.
template <class T, class E> bool store(E&& e, T*& to, T* end) {
  using D = std::remove_reference_t<E>;
  if constexpr (number<D>) {
    if (to == end) return false;
    *to++ = e;
  } else if constexpr (is_plain<D>()) {
    const auto bytes = static_cast<std::size_t>(ranges::size(e)) * sizeof(*ranges::data(e));
    if (bytes > static_cast<std::size_t>(end - to) * sizeof(T)) return false;
    if (bytes != 0) std::memcpy(to, ranges::data(e), bytes);
    to += bytes / sizeof(T);
  } else if constexpr (number<ranges::range_reference_t<D>> && ranges::sized_range<D>) {
    if (static_cast<std::size_t>(ranges::size(e)) > static_cast<std::size_t>(end - to))
      return false;
    for (const T v : e) *to++ = v;
  } else {
    for (auto&& part : e)
      if (!store<T>(part, to, end)) return false;
  }
  return true;
}
/// The same where exactly `n` are wanted.
template <class T, class E> bool store_all(E&& e, T* to, std::size_t n) {
  T* at = to;
  return store<T>(e, at, to + n) && at == to + n;
}

/// A window of N numbers that can be default-made, as views must be (std::span cannot).
template <class T, std::size_t N> class fixed_window : public ranges::view_base {
 public:
  static constexpr std::size_t fixed_elements = times(N, count<T>);
  constexpr fixed_window() = default;
  constexpr fixed_window(std::span<T, N> s) : data_(s.data()) {}  // NOLINT
  constexpr T* begin() const { return data_; }
  constexpr T* end() const { return data_ + N; }

 private:
  T* data_ = nullptr;
};
/// An element as a view over it keeps it: by value where it is a view or would be gone.
template <class E> constexpr auto hold(E&& e) {
  using D = std::remove_cvref_t<E>;
  if constexpr (ranges::view_<D>) {
    return D(static_cast<E&&>(e));
  } else if constexpr (contiguous<D>) {
    using T = std::remove_reference_t<ranges::range_reference_t<E>>;
    if constexpr (requires { D::extent; })
      return fixed_window<T, D::extent>(e);
    else if constexpr (std::is_lvalue_reference_v<E> && requires { std::tuple_size<D>::value; })
      return fixed_window<T, std::tuple_size<D>::value>(e);
    else if constexpr (std::is_lvalue_reference_v<E>)
      return std::span<T>(ranges::data(e), static_cast<std::size_t>(ranges::size(e)));
    else
      return D(static_cast<E&&>(e));
  } else if constexpr (std::is_lvalue_reference_v<E>) {
    return ranges::views::all(e);
  } else {
    return D(static_cast<E&&>(e));
  }
}

/// The random-access range f(0), f(1), ..., f(count - 1); F is a small struct.
template <class F, std::size_t Count = unknown_count> class indexed : public ranges::view_base {
 public:
  using reference = std::invoke_result_t<const F&, std::ptrdiff_t>;
  static constexpr std::size_t fixed_elements = times(Count, count<reference>);

  class iterator {
   public:
    using value_type = std::remove_cvref_t<indexed::reference>;
    using reference = indexed::reference;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using iterator_category = std::input_iterator_tag;
    using iterator_concept = std::random_access_iterator_tag;

    constexpr iterator() = default;
    constexpr iterator(F f, std::ptrdiff_t at) : f_(f), at_(at) {}
    constexpr reference operator*() const { return f_(at_); }
    constexpr reference operator[](difference_type i) const { return f_(at_ + i); }
    constexpr iterator& operator++() { return *this += 1; }
    constexpr iterator operator++(int) { return std::exchange(*this, *this + 1); }
    constexpr iterator& operator--() { return *this += -1; }
    constexpr iterator operator--(int) { return std::exchange(*this, *this + -1); }
    constexpr iterator& operator+=(difference_type i) { return at_ += i, *this; }
    constexpr iterator& operator-=(difference_type i) { return at_ -= i, *this; }
    friend constexpr iterator operator+(iterator a, difference_type i) { return a += i; }
    friend constexpr iterator operator+(difference_type i, iterator a) { return a += i; }
    friend constexpr iterator operator-(iterator a, difference_type i) { return a -= i; }
    friend constexpr difference_type operator-(const iterator& a, const iterator& b) {
      return a.at_ - b.at_;
    }
    friend constexpr bool operator==(const iterator& a, const iterator& b) {
      return a.at_ == b.at_;
    }
    friend constexpr auto operator<=>(const iterator& a, const iterator& b) {
      return a.at_ <=> b.at_;
    }

   private:
    F f_{};
    std::ptrdiff_t at_ = 0;
  };

  constexpr indexed() = default;
  constexpr indexed(F f, std::size_t n) : f_(f), n_(n) {}
  constexpr iterator begin() const { return {f_, 0}; }
  constexpr iterator end() const { return {f_, static_cast<std::ptrdiff_t>(n_)}; }
  constexpr std::size_t size() const { return n_; }
  constexpr bool empty() const { return n_ == 0; }
  constexpr reference operator[](std::size_t i) const { return f_(static_cast<std::ptrdiff_t>(i)); }
  constexpr reference front() const { return f_(0); }
  constexpr reference back() const { return f_(static_cast<std::ptrdiff_t>(n_) - 1); }

 private:
  F f_{};
  std::size_t n_ = Count == unknown_count ? 0 : Count;
};

/// Stretches of one array: `size` elements each, the first ones `step` apart.
template <class T, std::size_t Size = unknown_count> struct stretch_at {
  T* data = nullptr;
  std::size_t size = 0, step = 0;
  constexpr std::span<T, Size> operator()(std::ptrdiff_t i) const {
    return std::span<T, Size>(data + static_cast<std::size_t>(i) * step, size);
  }
};
/// Numbers that lie `step` apart.
template <class T> struct number_at {
  T* data = nullptr;
  std::size_t step = 1;
  constexpr T& operator()(std::ptrdiff_t i) const {
    return data[static_cast<std::size_t>(i) * step];
  }
};

template <class I>
using concept_of =
    std::conditional_t<ranges::random_access_iterator<I>, std::random_access_iterator_tag,
                       std::conditional_t<ranges::forward_iterator<I>, std::forward_iterator_tag,
                                          std::input_iterator_tag>>;

/// f of every element of V, evaluated where it is asked for.
template <class V, class F> class mapped : public ranges::view_base {
  template <class I, class S> class iterator {
   public:
    using reference = std::invoke_result_t<const F&, ranges::iter_reference_t<I>>;
    using value_type = std::remove_cvref_t<reference>;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using iterator_category = std::input_iterator_tag;
    using iterator_concept = concept_of<I>;

    constexpr iterator() = default;
    constexpr iterator(I at, F f) : at_(at), f_(f) {}
    constexpr reference operator*() const { return f_(*at_); }
    constexpr reference operator[](difference_type i) const { return f_(at_[i]); }
    constexpr iterator& operator++() { return ++at_, *this; }
    constexpr auto operator++(int) {
      if constexpr (ranges::forward_iterator<I>) {
        iterator before = *this;
        ++at_;
        return before;
      } else {
        ++at_;
      }
    }
    constexpr iterator& operator--() { return --at_, *this; }
    constexpr iterator operator--(int) {
      iterator before = *this;
      --at_;
      return before;
    }
    constexpr iterator& operator+=(difference_type i) { return at_ += i, *this; }
    constexpr iterator& operator-=(difference_type i) { return at_ -= i, *this; }
    friend constexpr iterator operator+(iterator a, difference_type i) { return a += i; }
    friend constexpr iterator operator+(difference_type i, iterator a) { return a += i; }
    friend constexpr iterator operator-(iterator a, difference_type i) { return a -= i; }
    friend constexpr difference_type operator-(const iterator& a, const iterator& b) {
      return a.at_ - b.at_;
    }
    friend constexpr bool operator==(const iterator& a,
                                     const iterator& b) requires(ranges::forward_iterator<I>) {
      return a.at_ == b.at_;
    }
    friend constexpr bool operator==(const iterator& a,
                                     const S& end) requires(!std::is_same_v<I, S>) {
      return a.at_ == end;
    }
    friend constexpr bool operator<(const iterator& a, const iterator& b) { return a.at_ < b.at_; }
    friend constexpr bool operator>(const iterator& a, const iterator& b) { return a.at_ > b.at_; }
    friend constexpr bool operator<=(const iterator& a, const iterator& b) {
      return a.at_ <= b.at_;
    }
    friend constexpr bool operator>=(const iterator& a, const iterator& b) {
      return a.at_ >= b.at_;
    }

   private:
    I at_{};
    F f_{};
  };
  template <class B> static constexpr auto first(B& base, const F& f) {
    return iterator<ranges::iterator_t<B>, ranges::sentinel_t<B>>(ranges::begin(base), f);
  }
  template <class B> static constexpr auto last(B& base, const F& f) {
    if constexpr (ranges::common_range<B>)
      return iterator<ranges::iterator_t<B>, ranges::sentinel_t<B>>(ranges::end(base), f);
    else
      return ranges::end(base);
  }

 public:
  static constexpr std::size_t fixed_elements = count<V>;
  constexpr mapped() = default;
  constexpr mapped(V base, F f) : base_(std::move(base)), f_(f) {}
  constexpr auto begin() requires(!ranges::range<const V>) { return first(base_, f_); }
  constexpr auto end() requires(!ranges::range<const V>) { return last(base_, f_); }
  constexpr auto begin() const requires(ranges::range<const V>) { return first(base_, f_); }
  constexpr auto end() const requires(ranges::range<const V>) { return last(base_, f_); }
  constexpr std::size_t size() const requires(ranges::sized_range<const V>) {
    return static_cast<std::size_t>(ranges::size(base_));
  }
  constexpr decltype(auto) operator[](std::size_t i) const
      requires(ranges::random_access_range<const V>) {
    return begin()[static_cast<std::ptrdiff_t>(i)];
  }

 private:
  V base_{};
  F f_{};
};

/// F on a number, on each number of a window, of a window of windows.
template <class F> struct each_number {
  F f{};
  template <class E> constexpr auto operator()(E&& e) const {
    if constexpr (number<E>)
      return f(e);
    else
      return mapped<decltype(hold(static_cast<E&&>(e))), each_number>(hold(static_cast<E&&>(e)),
                                                                      *this);
  }
};

/// A single-pass range's iterator: `View` has current(), advance() and done().
template <class View, class Reference> class pass_iterator {
 public:
  using reference = Reference;
  using value_type = std::remove_cvref_t<Reference>;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using iterator_category = std::input_iterator_tag;
  using iterator_concept = std::input_iterator_tag;

  pass_iterator() = default;
  explicit pass_iterator(View* v) : view_(v) {}
  reference operator*() const { return view_->current(); }
  pass_iterator& operator++() {
    view_->advance();
    return *this;
  }
  void operator++(int) { view_->advance(); }
  friend bool operator==(const pass_iterator& a, std::default_sentinel_t) { return a.done(); }

 private:
  bool done() const { return view_->done(); }
  View* view_ = nullptr;
};
/// Where a pass over a range stands: not copied with the view, because iterators of the range that
/// was copied may not be used on its copy.
template <class T> struct uncopied {
  T value{};
  uncopied() = default;
  uncopied(const uncopied&) : uncopied() {}
  uncopied& operator=(const uncopied&) { return *this; }
};

}  // namespace detail
}  // namespace views
OCTET_NAMESPACE_END

#endif  // OCTET_VIEWS_ELEMENTS_HPP_

OCTET_NAMESPACE_BEGIN

namespace views::detail {

template <class T>
concept tensor_type = requires {
  typename T::element;
  typename T::shape;
  T::quantization;
};

/// Extents of a tensor as images: [images, height, width, channels] with 1 where there are fewer
/// axes; more than four count as images.
struct image_layout {
  std::size_t images = 1, height = 1, width = 1, channels = 1;
};
constexpr image_layout images_of(const dims& d) {
  image_layout l;
  l.channels = as_size(d.back(0));
  l.width = as_size(d.back(1));
  l.height = as_size(d.back(2));
  for (int i = 3; i < d.rank; ++i) l.images *= as_size(d.back(i));
  return l;
}
/// Elements of one row: of an image [..., width, channels], of a table [rows, columns].
constexpr std::size_t row_elements(const dims& d) {
  return as_size(d.back(0)) * (d.rank > 2 ? as_size(d.back(1)) : 1);
}
constexpr std::size_t per(const dims& d, std::size_t n) {
  return n == 0 ? 0 : d.elements().value / n;
}
constexpr std::size_t fits(std::size_t whole, std::size_t size, std::size_t step) {
  return whole < size ? 0 : (whole - size) / step + 1;
}

/// Tiles of images, the rows of a tile being stretches of memory.
template <class T, std::size_t H, std::size_t RowElements> struct tile_at {
  T* data = nullptr;
  image_layout of{};
  std::size_t height = 0, width = 0, step_y = 1, step_x = 1;
  constexpr auto operator()(std::ptrdiff_t i) const {
    const std::size_t n = static_cast<std::size_t>(i), across = fits(of.width, width, step_x),
                      down = fits(of.height, height, step_y), x = n % across * step_x,
                      y = n / across % down * step_y, image = n / across / down;
    return indexed<stretch_at<T, RowElements>, H>(
        {data + ((image * of.height + y) * of.width + x) * of.channels, width * of.channels,
         of.width * of.channels},
        height);
  }
  constexpr std::size_t tiles() const {
    return of.images * fits(of.width, width, step_x) * fits(of.height, height, step_y);
  }
};
/// One channel of every pixel.
template <class T, std::size_t Pixels> struct channel_at {
  T* data = nullptr;
  std::size_t pixels = 0, channels = 1;
  constexpr auto operator()(std::ptrdiff_t c) const {
    return indexed<number_at<T>, Pixels>({data + c, channels}, pixels);
  }
};

}  // namespace views::detail

/// A tensor's numbers in memory that it does not own: a contiguous range of T that knows its shape,
/// scale and zero point. Type: a typed::tensor, whose shape and quantization are then the
/// compiler's knowledge, so that rows, pixels and tiles are windows of fixed size; or void: they
/// are known when the program runs. Images are NHWC.
template <class T, class Type = void> class tensor_span;

namespace views::detail {
/// What both forms have. D has shape(), scale(), zero_point(), data().
template <class T, class D, std::size_t Elements, std::size_t Row, std::size_t Channels>
class tensor_ranges : public ranges::view_base {
 public:
  using element_type = T;
  using value_type = std::remove_cv_t<T>;
  static constexpr std::size_t fixed_elements = Elements;

  constexpr T* begin() const noexcept { return self().data(); }
  constexpr T* end() const noexcept { return self().data() + size(); }
  constexpr std::size_t size() const noexcept { return self().shape().elements().value; }
  constexpr bool empty() const noexcept { return size() == 0; }
  constexpr T& operator[](std::size_t i) const noexcept { return self().data()[i]; }

  /// One span for each row: of images, height x images rows of width x channels elements; of
  /// tensors of one or two axes, the last axis.
  constexpr auto rows() const { return stretches<Row>(row_elements(self().shape())); }
  /// One span of `channels` elements for each pixel, or row of a table.
  constexpr auto pixels() const { return stretches<Channels>(images_of(self().shape()).channels); }
  /// One range for each channel (last axis): its element of every pixel.
  constexpr auto channels() const {
    constexpr std::size_t pixels =
        Channels == unknown_count || Channels == 0 ? unknown_count : Elements / Channels;
    const std::size_t n = images_of(self().shape()).channels;
    return indexed<channel_at<T, pixels>, Channels>({self().data(), per(self().shape(), n), n}, n);
  }
  /// Tiles of height x width pixels, each a range of its rows; the first at the upper left, the
  /// next `step` further right, then down, then of the next image. Tiles that would stick out are
  /// left out. Memory of T that is not const may be written through them.
  template <std::int32_t H, std::int32_t W, std::int32_t StepY = H, std::int32_t StepX = W>
  constexpr auto tiles() const {
    static_assert(H > 0 && W > 0 && StepY > 0 && StepX > 0,
                  "octet: extents and steps of tiles are at least 1");
    return tiled<static_cast<std::size_t>(H), times(static_cast<std::size_t>(W), Channels)>(
        H, W, StepY, StepX);
  }
  /// The same; steps of 0 are the tile's extents. Extents below 1: no tiles.
  constexpr auto tiles(std::int32_t h, std::int32_t w, std::int32_t step_y = 0,
                       std::int32_t step_x = 0) const {
    return tiled<unknown_count, unknown_count>(h, w, step_y > 0 ? step_y : h,
                                               step_x > 0 ? step_x : w);
  }

 private:
  constexpr const D& self() const noexcept { return static_cast<const D&>(*this); }
  template <std::size_t N> constexpr auto stretches(std::size_t n) const {
    constexpr std::size_t count =
        N == unknown_count || Elements == unknown_count || N == 0 ? unknown_count : Elements / N;
    return indexed<stretch_at<T, N>, count>({self().data(), n, n}, per(self().shape(), n));
  }
  template <std::size_t H, std::size_t RowElements>
  constexpr auto tiled(std::int32_t h, std::int32_t w, std::int32_t step_y,
                       std::int32_t step_x) const {
    const bool sound = h > 0 && w > 0;
    const tile_at<T, H, RowElements> at{
        self().data(),          images_of(self().shape()),   sound ? as_size(h) : 1,
        sound ? as_size(w) : 1, sound ? as_size(step_y) : 1, sound ? as_size(step_x) : 1};
    return indexed<tile_at<T, H, RowElements>>(at, sound ? at.tiles() : 0);
  }
};
}  // namespace views::detail

template <class T>
class tensor_span<T, void>
    : public views::detail::tensor_ranges<T, tensor_span<T, void>, std::dynamic_extent,
                                          std::dynamic_extent, std::dynamic_extent> {
 public:
  constexpr tensor_span() = default;
  /// `data` holds the shape's elements. Scale 0: not quantized.
  constexpr tensor_span(T* data, const dims& shape, double scale = 0, std::int32_t zero_point = 0)
      : data_(data), shape_(shape), scale_(scale), zero_point_(zero_point) {}
  /// A tensor of a session, or memory that a call takes; empty where T is not its element type.
  explicit tensor_span(const bound_tensor& t)
      : tensor_span(t.as<T>(), t.shape(), t.quantized() ? t.scale().value : 0,
                    t.quantized() ? t.zero_point().value : 0) {}
  explicit tensor_span(const tensor_view& v) : tensor_span(v.as<T>(), v.shape, 0, 0) {}
  explicit tensor_span(const const_tensor_view& v) requires(std::is_const_v<T>)
      : tensor_span(v.as<T>(), v.shape, 0, 0) {}

  constexpr T* data() const noexcept { return data_; }
  constexpr const dims& shape() const noexcept { return shape_; }
  constexpr double scale() const noexcept { return scale_; }
  constexpr std::int32_t zero_point() const noexcept { return zero_point_; }

 private:
  constexpr tensor_span(std::span<T> s, const dims& shape, double scale, std::int32_t zero_point)
      : tensor_span(s.data(), s.size() == shape.elements().value ? shape : dims{0}, scale,
                    zero_point) {}
  T* data_ = nullptr;
  dims shape_{0};
  double scale_ = 0;
  std::int32_t zero_point_ = 0;
};
template <class T> tensor_span(T*, const dims&) -> tensor_span<T>;
template <class T> tensor_span(T*, const dims&, double, std::int32_t) -> tensor_span<T>;

template <class T, views::detail::tensor_type Type>
class tensor_span<T, Type>
    : public views::detail::tensor_ranges<T, tensor_span<T, Type>, Type::elements,
                                          views::detail::row_elements(Type::shape::extents),
                                          views::detail::images_of(Type::shape::extents).channels> {
  static_assert(std::is_same_v<std::remove_const_t<T>, typename Type::element>,
                "octet: the tensor's type has another element type");

 public:
  using tensor = Type;
  constexpr tensor_span() = default;
  constexpr tensor_span(std::span<T, Type::elements> s) : data_(s.data()) {}  // NOLINT
  template <class M>
  requires(!std::is_same_v<std::remove_const_t<M>, tensor_span> &&
           std::is_constructible_v<std::span<T, Type::elements>, M&> &&
           views::detail::count<M> == Type::elements)  //
      explicit constexpr tensor_span(M& memory)
      : data_(std::span<T, Type::elements>(memory).data()) {}

  constexpr T* data() const noexcept { return data_; }
  static constexpr dims shape() noexcept { return Type::shape::extents; }
  static constexpr double scale() noexcept { return Type::quantization.scale; }
  static constexpr std::int32_t zero_point() noexcept { return Type::quantization.zero_point; }
  constexpr operator std::span<T, Type::elements>() const noexcept {
    return std::span<T, Type::elements>(data_, Type::elements);
  }

 private:
  T* data_ = nullptr;
};

/// Memory of a program as a tensor of a type: `typed_span<photo> p(pixels)`.
template <views::detail::tensor_type Type>
using typed_span = tensor_span<typename Type::element, Type>;
template <views::detail::tensor_type Type>
using const_typed_span = tensor_span<const typename Type::element, Type>;

namespace views {
/// Copies the numbers of an element (a window, a result) over those of another, row by row where it
/// has rows: `views::copy(filtered, tile)`. False, and part of it written, where they hold
/// different numbers of elements. Element types must be the same.
template <detail::element From, detail::element To> bool copy(const From& from, To&& to) {
  using T = detail::leaf_t<To>;
  static_assert(std::is_same_v<detail::leaf_t<From>, T>, "octet: element types differ");
  static_assert(detail::is_plain<const From>(), "octet: copies from memory in one piece");
  const T* at = reinterpret_cast<const T*>(ranges::data(from));
  std::size_t left =
      static_cast<std::size_t>(ranges::size(from)) * sizeof(*ranges::data(from)) / sizeof(T);
  const auto write = [&](const auto& self, auto&& part) -> bool {
    using P = std::remove_cvref_t<decltype(part)>;
    if constexpr (detail::is_plain<P>()) {
      const std::size_t n = static_cast<std::size_t>(ranges::size(part));
      if (n > left) return false;
      std::copy_n(at, n, ranges::data(part));
      at += n;
      left -= n;
      return true;
    } else {
      for (auto&& inner : part)
        if (!self(self, inner)) return false;
      return true;
    }
  };
  return write(write, to) && left == 0;
}
}  // namespace views
OCTET_NAMESPACE_END

/// Iterators of a tensor_span and of what it gives outlive it.
namespace ranges {
template <class T, class Type>
inline constexpr bool enable_borrowed_range<octet::tensor_span<T, Type>> = true;
template <class F, std::size_t N>
inline constexpr bool enable_borrowed_range<octet::views::detail::indexed<F, N>> = true;
}  // namespace ranges

#endif  // OCTET_VIEWS_TENSOR_SPAN_HPP_

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
// ---- octet/views/run.hpp
// views::run: a network as a view adaptor; views::batch: several elements at a time on several
// threads.
#ifndef OCTET_VIEWS_RUN_HPP_
#define OCTET_VIEWS_RUN_HPP_

#include <memory>
#include <tuple>
#include <vector>


OCTET_NAMESPACE_BEGIN
namespace views {
namespace detail {

/// A typed::compiled.
template <class N>
concept typed_network = requires(N& n) {
  typename N::input;
  N::arena_bytes;
  N::state_bytes;
  n.template input_view<0>();
  n.template output_view<0>();
  n.run();
};

/// What one element gives to a network of several inputs: a tuple, one part for each (of
/// ranges::views::zip for instance).
template <class E>
concept tuple_element = !ranges::range<E> && requires {
  std::tuple_size<std::remove_cvref_t<E>>::value;
};
template <class E> constexpr std::size_t parts_of() {
  if constexpr (tuple_element<E>)
    return std::tuple_size<std::remove_cvref_t<E>>::value;
  else
    return 1;
}
template <std::size_t I, class E> constexpr decltype(auto) part_of(E& e) {
  if constexpr (tuple_element<E>) {
    using std::get;
    return get<I>(e);
  } else {
    return e;
  }
}
template <class E, std::size_t I>
using part_t = decltype(part_of<I>(std::declval<std::remove_reference_t<E>&>()));

/// A tensor whose element type is known when the program runs: a result of a loaded network.
template <class E>
concept loaded_tensor = std::is_same_v<std::remove_cvref_t<E>, bound_tensor>;

/// The network behind a typed object, as run_view drives it: `load` puts an element into the
/// memory of its inputs, which is the network's own or a batch's.
template <class Net> class typed_runner {
 public:
  static constexpr std::size_t inputs = Net::inputs, outputs = Net::outputs;
  typed_runner() = default;
  explicit typed_runner(Net& n) : net_(std::shared_ptr<void>(), &n) {}

  template <class E> static constexpr bool fits() {
    constexpr bool parts = parts_of<E>() == inputs;
    static_assert(parts, "octet: views::run takes one part of an element per input of the network");
    if constexpr (parts) return []<std::size_t... I>(std::index_sequence<I...>) {
        return (fits_one<part_t<E, I>, typename Net::template input_type<I>>() && ...);
      }
    (std::make_index_sequence<inputs>());
    else return false;
  }
  template <class E> status check(std::size_t) const { return unit{}; }
  template <class E> bool load(E&& e, void* const* to) const {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return (load_one<typename Net::template input_type<I>>(part_of<I>(e), to[I]) && ...);
    }
    (std::make_index_sequence<inputs>());
  }
  auto result(void* const* from) const {
    if constexpr (outputs == 1)
      return output_at<0>(from);
    else
      return [&]<std::size_t... O>(std::index_sequence<O...>) {
        return std::tuple(output_at<O>(from)...);
      }
    (std::make_index_sequence<outputs>());
  }
  std::array<void*, inputs> input_memory() const {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::array<void*, inputs>{net_->template input_view<I>().data()...};
    }
    (std::make_index_sequence<inputs>());
  }
  std::array<void*, outputs> output_memory() const {
    return [&]<std::size_t... O>(std::index_sequence<O...>) {
      return std::array<void*, outputs>{net_->template output_view<O>().data()...};
    }
    (std::make_index_sequence<outputs>());
  }
  std::array<std::size_t, inputs> input_bytes() const {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::array<std::size_t, inputs>{Net::template input_type<I>::bytes...};
    }
    (std::make_index_sequence<inputs>());
  }
  std::array<std::size_t, outputs> output_bytes() const {
    return [&]<std::size_t... O>(std::index_sequence<O...>) {
      return std::array<std::size_t, outputs>{Net::template output_type<O>::bytes...};
    }
    (std::make_index_sequence<outputs>());
  }
  void run() const noexcept { net_->run(); }
  static constexpr bool has_state() { return Net::state_bytes != 0; }
  error_info mismatch() const {  // counts are in the types: only a range of another kind gets here
    return invalid("an element given to views::run", "another number of elements",
                   std::to_string(Net::input::elements));
  }
  /// One more network of the same type, for another thread.
  typed_runner another() const {
    typed_runner r;
    r.net_ = std::make_shared<Net>();
    return r;
  }

 private:
  template <class E, class T> static constexpr bool fits_one() {
    constexpr bool numbers = std::is_same_v<leaf_t<E>, typename T::element>;
    static_assert(numbers,
                  "octet: elements given to views::run are not of the network's input type; "
                  "views::quantize or views::requantize may be missing");
    static_assert(!numbers || count<E> != unknown_count,
                  "octet: a typed network takes elements whose size the compiler knows: "
                  "views::windows<SIZE, STEP>(), a typed_span, arrays");
    static_assert(!numbers || count<E> == unknown_count || count<E> == T::elements,
                  "octet: elements given to views::run have another size than the network's input");
    return numbers && count<E> == T::elements;
  }
  template <class T, class E> static bool load_one(E&& e, void* to) {
    return store_all<typename T::element>(e, static_cast<typename T::element*>(to), T::elements);
  }
  template <std::size_t O> static auto output_at(void* const* from) {
    using T = typename Net::template output_type<O>;
    return tensor_span<const typename T::element, T>(
        typename T::const_view(static_cast<const typename T::element*>(from[O]), T::elements));
  }
  std::shared_ptr<Net> net_;
};

/// A session of a loaded network. Out: the element type that the caller knows the result to have;
/// void: elements are bound_tensor.
template <class Out> class loaded_runner {
 public:
  static constexpr std::size_t inputs = 8, outputs = 1;  // of inputs: as many as a tuple gives
  loaded_runner() = default;
  loaded_runner(std::shared_ptr<session> s, std::size_t output)
      : session_(std::move(s)), output_(output) {}

  template <class E> static constexpr bool fits() {
    constexpr std::size_t parts = parts_of<E>();
    static_assert(parts <= inputs, "octet: views::run takes elements of at most eight parts");
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return (fits_one<part_t<E, I>>() && ...);
    }
    (std::make_index_sequence<parts>());
  }
  /// `elements`: of each window, where the range knows; else 0.
  template <class E> status check(std::size_t elements) const {
    constexpr std::size_t parts = parts_of<E>();
    if (session_->inputs() != parts)
      return at(invalid("views::run: parts of an element", std::to_string(parts),
                        std::to_string(session_->inputs()) + ", one per input"));
    error_info wrong;
    const auto good = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
      using P = part_t<E, I>;
      if constexpr (!loaded_tensor<P>) {
        const bound_tensor t = session_->input(I);
        const std::size_t known = count<P> != unknown_count ? count<P> : elements;
        if (dtype_of<leaf_t<P>> != t.type() ||
            (known != 0 && known != t.shape().elements().value)) {
          wrong = differs(t, dtype_of<leaf_t<P>>, known);
          return false;
        }
      }
      return true;
    };
    if (![&]<std::size_t... I>(std::index_sequence<I...>) {
          return (good(std::integral_constant<std::size_t, I>()) && ...);
        }(std::make_index_sequence<parts>()))
      return wrong;
    if (output_ >= session_->outputs())
      return at(invalid("views::run: output", std::to_string(output_),
                        "one of " + std::to_string(session_->outputs())));
    const bound_tensor y = session_->output(output_);
    if constexpr (!std::is_void_v<Out>)
      if (dtype_of<Out> != y.type())
        return at(invalid("views::run<" + std::string(name_of(dtype_of<Out>)) + ">: output \"" +
                              std::string(y.name()) + "\"",
                          std::string(name_of(y.type())), std::string(name_of(dtype_of<Out>))));
    return unit{};
  }
  template <class E> bool load(E&& e, void* const* to) const {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return (load_one(I, part_of<I>(e), to[I]) && ...);
    }
    (std::make_index_sequence<parts_of<E>()>());
  }
  auto result(void* const* from) const {
    const auto id = session_->program().source().outputs[output_];
    const bound_tensor t(session_->program().source()[id], from[0]);
    if constexpr (std::is_void_v<Out>)
      return t;
    else
      return tensor_span<const Out>(t);
  }
  std::array<void*, inputs> input_memory() const {
    std::array<void*, inputs> a{};
    for (std::size_t i = 0; i < inputs && i < session_->inputs(); ++i)
      a[i] = session_->input(i).view().data;
    return a;
  }
  std::array<void*, outputs> output_memory() const {
    return {session_->output(output_).view().data};
  }
  std::array<std::size_t, inputs> input_bytes() const {
    std::array<std::size_t, inputs> a{};
    for (std::size_t i = 0; i < inputs && i < session_->inputs(); ++i)
      a[i] = session_->input(i).view().size_bytes();
    return a;
  }
  std::array<std::size_t, outputs> output_bytes() const {
    return {session_->output(output_).view().size_bytes()};
  }
  void run() const noexcept { session_->run(); }
  bool has_state() const { return session_->program().data().state_bytes != 0; }
  error_info mismatch() const {
    const bound_tensor t = session_->input(0);
    return differs(t, t.type(), 0);
  }
  loaded_runner another() const {
    return {std::make_shared<session>(session_->program()), output_};
  }

 private:
  template <class P> static constexpr bool fits_one() {
    constexpr bool numbers = loaded_tensor<P> || element<P>;
    static_assert(numbers, "octet: views::run takes ranges of numbers, or of windows of numbers");
    return numbers;
  }
  template <class P> bool load_one(std::size_t i, P&& e, void* to) const {
    const bound_tensor t = session_->input(i);
    if constexpr (loaded_tensor<P>) {
      const tensor_view from = e.view();
      if (from.type != t.type() || from.size_bytes() != t.view().size_bytes()) return false;
      if (from.size_bytes() != 0) std::memmove(to, from.data, from.size_bytes());
      return true;
    } else {
      using T = leaf_t<P>;
      return store_all<T>(e, static_cast<T*>(to), t.shape().elements().value);
    }
  }
  error_info at(error_info e) const {
    e.file = session_->program().source().name;
    return e;
  }
  error_info differs(const bound_tensor& t, dtype type, std::size_t n) const {
    error_info e =
        at(invalid("an element given to views::run",
                   std::string(name_of(type)) + (n == 0 ? ", another number of elements"
                                                        : ", " + std::to_string(n) + " elements"),
                   std::string(name_of(t.type())) + to_string(t.shape())));
    e.tensor = t.name();
    return e;
  }
  std::shared_ptr<session> session_;
  std::size_t output_ = 0;
};

/// Says to the next views::run how many elements to take at a time, and on how many threads.
template <class V> class batch_view : public ranges::view_base {
 public:
  batch_view() = default;
  batch_view(V base, std::size_t n, unsigned threads)
      : base_(std::move(base)), n_(n), threads_(threads) {}
  auto begin() { return ranges::begin(base_); }
  auto end() { return ranges::end(base_); }
  std::size_t window_elements() const {
    if constexpr (requires { base_.window_elements(); })
      return base_.window_elements();
    else
      return 0;
  }
  std::size_t batch_elements() const { return n_; }
  unsigned batch_threads() const { return threads_; }

 private:
  V base_{};
  std::size_t n_ = 1;
  unsigned threads_ = 1;
};
template <class V>
concept batched = requires(const V& v) {
  v.batch_elements();
  v.batch_threads();
};

/// The networks of a batch, its elements and its results, all made with the view.
template <class Runner> class crew {
 public:
  crew(const Runner& first, std::size_t n, unsigned threads)
      : runners_{first}, elements_(n), pool_(threads) {
    while (runners_.size() < threads) runners_.push_back(first.another());
    const auto in = first.input_bytes();
    for (std::size_t i = 0; i < in.size(); ++i) in_bytes_ += round_up(in[i], alignment);
    const auto out = first.output_bytes();
    for (std::size_t o = 0; o < out.size(); ++o) out_bytes_ += round_up(out[o], alignment);
    memory_ = buffer(Bytes(saturating_mul(n, in_bytes_ + out_bytes_)));
  }
  std::size_t elements() const { return elements_; }
  auto input_memory(std::size_t i) {
    return addresses(memory_.data() + i * in_bytes_, runners_[0].input_bytes());
  }
  auto output_memory(std::size_t i) {
    return addresses(memory_.data() + elements_ * in_bytes_ + i * out_bytes_,
                     runners_[0].output_bytes());
  }
  void run(std::size_t n) noexcept {
    given_ = n;
    pool_.run(
        [](void* self, unsigned part) {
          auto& c = *static_cast<crew*>(self);
          for (std::size_t i = part; i < c.given_; i += c.runners_.size()) c.run_one(part, i);
        },
        this);
  }

 private:
  template <std::size_t N>
  static std::array<void*, N> addresses(std::byte* at, const std::array<std::size_t, N>& bytes) {
    std::array<void*, N> a{};
    for (std::size_t k = 0; k < N; ++k) {
      a[k] = at;
      at += round_up(bytes[k], alignment);
    }
    return a;
  }
  void run_one(unsigned part, std::size_t i) noexcept {
    const Runner& r = runners_[part];
    move(r.input_memory(), input_memory(i), r.input_bytes());
    r.run();
    move(output_memory(i), r.output_memory(), r.output_bytes());
  }
  template <std::size_t N>
  static void move(const std::array<void*, N>& to, const std::array<void*, N>& from,
                   const std::array<std::size_t, N>& bytes) noexcept {
    for (std::size_t k = 0; k < N; ++k)
      if (bytes[k] != 0) std::memcpy(to[k], from[k], bytes[k]);
  }
  std::vector<Runner> runners_;
  std::size_t elements_, in_bytes_ = 0, out_bytes_ = 0, given_ = 0;
  buffer memory_;
  thread_pool pool_;
};

/// A network's results for the elements of V.
template <class V, class Runner> class run_view : public ranges::view_base {
  using reference = decltype(std::declval<const Runner&>().result(nullptr));
  using iterator = pass_iterator<run_view, reference>;
  friend iterator;

 public:
  run_view() = default;
  run_view(V base, Runner r) : base_(std::move(base)), runner_(std::move(r)) {
    if constexpr (batched<V>)
      crew_ =
          std::make_shared<crew<Runner>>(runner_, base_.batch_elements(), base_.batch_threads());
  }
  iterator begin() {
    at_.value = ranges::begin(base_);
    fresh_ = false;
    group_at_ = group_ = 0;
    return iterator(this);
  }
  std::default_sentinel_t end() const { return {}; }

 private:
  bool more() { return at_.value != ranges::end(base_); }
  bool done() { return group_at_ == group_ && !more(); }
  void load(void* const* to) {
    const numerics::exact_environment environment;  // elements may be computed while they are read
    auto&& e = *at_.value;
    if (!runner_.load(e, to)) octet::detail::require(runner_.mismatch());
  }
  reference current() {
    if constexpr (batched<V>) {
      if (group_at_ == group_) fill();
      return runner_.result(crew_->output_memory(group_at_).data());
    } else {
      if (!fresh_) run();
      return runner_.result(runner_.output_memory().data());
    }
  }
  void advance() {
    if constexpr (batched<V>) {
      if (group_at_ != group_)
        ++group_at_;
      else
        ++at_.value;  // nobody asked for it
    } else {
      if (!fresh_ && runner_.has_state()) run();  // its memory is of every element
      ++at_.value;
      fresh_ = false;
    }
  }
  void run() {
    load(runner_.input_memory().data());
    runner_.run();
    fresh_ = true;
  }
  void fill() {
    group_at_ = group_ = 0;
    std::size_t n = 0;
    for (; n < crew_->elements() && more(); ++n, ++at_.value) load(crew_->input_memory(n).data());
    crew_->run(n);
    group_ = n;
  }

  V base_{};
  Runner runner_;
  std::shared_ptr<crew<Runner>> crew_;
  uncopied<ranges::iterator_t<V>> at_;
  bool fresh_ = false;                    // the network's results are those of at_
  std::size_t group_at_ = 0, group_ = 0;  // of the results of a batch: the next, how many
};

template <class Runner> struct run_fn {
  Runner runner;
  template <class R> auto operator()(R&& range) const {
    using V = ranges::views::all_t<R>;
    using E = ranges::range_reference_t<V>;
    if constexpr (Runner::template fits<E>()) {
      auto base = ranges::views::all(static_cast<R&&>(range));
      std::size_t elements = 0;
      if constexpr (requires { base.window_elements(); }) elements = base.window_elements();
      octet::detail::require(runner.template check<E>(elements));
      if constexpr (batched<V>)
        if (runner.has_state())
          octet::detail::require(invalid("views::batch", "a network with memory from run to run",
                                         "networks whose results do not depend on the order"));
      return run_view<V, Runner>(std::move(base), runner);
    }
  }
};

template <class Out> auto run_session(std::shared_ptr<session> s, std::size_t output) {
  if (s->empty()) octet::detail::require(invalid("views::run: a session of no plan"));
  return ranges::make_view_closure(
      run_fn<loaded_runner<Out>>{loaded_runner<Out>(std::move(s), output)});
}
inline std::size_t output_index(const session& s, std::string_view name) {
  const graph& g = s.program().source();
  std::string known;
  for (std::size_t i = 0; i < g.outputs.size(); ++i) {
    if (g[g.outputs[i]].name == name) return i;
    known += (known.empty() ? "" : ", ") + g[g.outputs[i]].name;
  }
  error_info e = invalid("views::run: no such output", std::string(name), known);
  e.file = g.name;
  octet::detail::require(e);
  return 0;
}
inline std::shared_ptr<session> borrowed(session& s) {
  return std::shared_ptr<session>(std::shared_ptr<void>(), &s);
}
}  // namespace detail

/// A network in code (typed::compiled) as a view adaptor: each element of the range is its input,
/// each element of the result its output, a tensor_span of the output's type into the network's
/// own memory, valid until the next is asked for; of several outputs a std::tuple of them. A
/// network of several inputs takes tuples (ranges::views::zip). Element types and sizes that do
/// not fit do not compile.
/// Lazy: a network runs when its result is asked for, once for each element; what is not asked for
/// does not run, unless the network has memory from run to run. Allocates nothing for an element.
/// The network must outlive the view, and only one pass may use it at a time.
template <detail::typed_network Net> auto run(Net& net) {
  return ranges::make_view_closure(
      detail::run_fn<detail::typed_runner<Net>>{detail::typed_runner<Net>(net)});
}
/// A loaded network. Elements of the result are bound_tensor, which know their type when the
/// program runs (views::dequantize takes them), or, where the caller names it, tensor_span:
/// `views::run<std::int8_t>(session)`. Of several outputs the one that `output` says.
/// Errors (octet::error; the program ends where exceptions are off), when the view is made: element
/// type, number of inputs, of windows whose size is known the size, the output; when an element is
/// read: its size.
template <class Out = void> auto run(session& s, std::size_t output = 0) {
  return detail::run_session<Out>(detail::borrowed(s), output);
}
template <class Out = void> auto run(session& s, std::string_view output) {
  return detail::run_session<Out>(detail::borrowed(s), detail::output_index(s, output));
}
/// The same in a session of its own, which copies of the view share.
template <class Out = void> auto run(const plan& p, std::size_t output = 0) {
  return detail::run_session<Out>(std::make_shared<session>(p), output);
}

/// Passes elements on as they are; the views::run after it takes up to `n` of them at a time and
/// spreads them over `threads` threads, each with a network of its own that shares what is
/// constant (typed networks: packs its weights again). The results are the same and in the same
/// order. Networks with memory from run to run are refused. n and threads of 0 count as 1.
inline auto batch(std::size_t n, unsigned threads = 1) {
  return ranges::make_view_closure([n, threads]<class R>(R&& range) {
    using V = ranges::views::all_t<R>;
    return detail::batch_view<V>(ranges::views::all(static_cast<R&&>(range)),
                                 std::max<std::size_t>(n, 1), std::max(threads, 1u));
  });
}

}  // namespace views
OCTET_NAMESPACE_END

#endif  // OCTET_VIEWS_RUN_HPP_
// ---- octet/views/top.hpp
// views::top: the largest numbers of each element.
#ifndef OCTET_VIEWS_TOP_HPP_
#define OCTET_VIEWS_TOP_HPP_

#include <vector>


OCTET_NAMESPACE_BEGIN
namespace views {

/// One of the largest numbers of an element: which, counted from 0, and the number.
template <class T> struct scored {
  std::size_t index = 0;
  T value{};
  constexpr bool operator==(const scored&) const = default;
};

namespace detail {
template <class V> class top_view : public ranges::view_base {
  using T = leaf_t<ranges::range_reference_t<V>>;
  using reference = std::span<const scored<T>>;
  using iterator = pass_iterator<top_view, reference>;
  friend iterator;

 public:
  top_view() = default;
  top_view(V base, std::size_t k) : base_(std::move(base)), best_(k) {}
  iterator begin() {
    at_.value = ranges::begin(base_);
    fresh_ = false;
    return iterator(this);
  }
  std::default_sentinel_t end() const { return {}; }

 private:
  bool done() { return at_.value == ranges::end(base_); }
  void advance() {
    ++at_.value;
    fresh_ = false;
  }
  reference current() {
    if (!fresh_) {
      found_ = 0;
      std::size_t index = 0;
      take(*at_.value, index);
      fresh_ = true;
    }
    return {best_.data(), found_};
  }
  template <class E> void take(E&& e, std::size_t& index) {
    if constexpr (number<E>)
      insert({index++, e});
    else
      for (auto&& part : e) take(part, index);
  }
  static bool before(T a, T b) { return a > b || (b != b && a == a); }  // NaN comes last
  void insert(const scored<T>& s) {
    if (found_ == best_.size() && (found_ == 0 || !before(s.value, best_[found_ - 1].value)))
      return;
    std::size_t at = found_ < best_.size() ? found_++ : found_ - 1;
    for (; at > 0 && before(s.value, best_[at - 1].value); --at) best_[at] = best_[at - 1];
    best_[at] = s;
  }
  V base_{};
  std::vector<scored<T>> best_;
  std::size_t found_ = 0;
  uncopied<ranges::iterator_t<V>> at_;
  bool fresh_ = false;
};
}  // namespace detail

/// The `k` largest numbers of each element, largest first, of equal ones the first; all of an
/// element that holds fewer. Each is a std::span<const scored<T>> over memory made with the view,
/// valid until the next is asked for. NaNs come last.
inline auto top(std::size_t k) {
  return ranges::make_view_closure([k]<class R>(R&& range) {
    using V = ranges::views::all_t<R>;
    static_assert(detail::element<ranges::range_reference_t<V>>,
                  "octet: views::top takes ranges of windows of numbers; results of loaded "
                  "networks need views::dequantize or views::run<TYPE>() before it");
    return detail::top_view<V>(ranges::views::all(static_cast<R&&>(range)), k);
  });
}

}  // namespace views
OCTET_NAMESPACE_END

#endif  // OCTET_VIEWS_TOP_HPP_
// ---- octet/views/windows.hpp
// views::windows: overlapping stretches of a stream.
#ifndef OCTET_VIEWS_WINDOWS_HPP_
#define OCTET_VIEWS_WINDOWS_HPP_

#include <algorithm>
#include <vector>


OCTET_NAMESPACE_BEGIN
namespace views {
namespace detail {

/// Size and step of windows; those that the compiler knows take no part of it.
template <std::size_t Size, std::size_t Step> struct window_steps {
  std::size_t size = Size == unknown_count ? 1 : Size, step = Step == unknown_count ? 1 : Step;
};

/// Windows of memory in one piece: where they lie, nothing is copied.
template <class V, std::size_t Size, std::size_t Step>
class memory_windows : public ranges::view_base {
  using T = std::remove_reference_t<ranges::range_reference_t<const V>>;
  using list = indexed<stretch_at<T, Size>>;

 public:
  memory_windows() = default;
  memory_windows(V base, window_steps<Size, Step> w) : base_(std::move(base)), w_(w) {}
  auto begin() const { return all().begin(); }
  auto end() const { return all().end(); }
  std::size_t size() const { return all().size(); }
  auto operator[](std::size_t i) const { return all()[i]; }
  std::size_t window_elements() const { return w_.size; }

 private:
  list all() const {
    const auto n = static_cast<std::size_t>(ranges::size(base_));
    return {{ranges::data(base_), w_.size, w_.step}, n < w_.size ? 0 : (n - w_.size) / w_.step + 1};
  }
  V base_{};
  window_steps<Size, Step> w_;
};

/// What a window keeps of an element: the number, or its numbers.
template <class E> constexpr auto kept_of() {
  using D = std::remove_cvref_t<E>;
  if constexpr (number<D> || is_packed<D>()) {
    return D{};
  } else {
    static_assert(count<D> != unknown_count,
                  "octet: windows of elements whose size the compiler does not know");
    return std::array<leaf_t<D>, count<D>>{};
  }
}

/// Windows of any other range, of a stream for instance: the elements of one window are kept in a
/// buffer made with the view. A window is valid until the next is asked for.
template <class V, std::size_t Size, std::size_t Step>
class buffered_windows : public ranges::view_base {
  using T = decltype(kept_of<ranges::range_reference_t<V>>());
  using reference = std::span<const T, Size>;
  using iterator = pass_iterator<buffered_windows, reference>;
  friend iterator;

 public:
  buffered_windows() = default;
  buffered_windows(V base, window_steps<Size, Step> w)
      : base_(std::move(base)), w_(w), kept_(w.size) {}
  /// Reads the first window; a range that can be read again begins anew.
  iterator begin() {
    at_.value = ranges::begin(base_);
    whole_ = read(0);
    return iterator(this);
  }
  std::default_sentinel_t end() const { return {}; }
  std::size_t window_elements() const {
    return w_.size * (count<T> == unknown_count ? 1 : count<T>);
  }

 private:
  reference current() const { return reference(kept_.data(), w_.size); }
  bool done() const { return !whole_; }
  void advance() {
    const std::size_t keep = w_.step < w_.size ? w_.size - w_.step : 0;
    std::move(kept_.end() - static_cast<std::ptrdiff_t>(keep), kept_.end(), kept_.begin());
    for (std::size_t skip = w_.size; skip < w_.step && at_.value != ranges::end(base_); ++skip)
      ++at_.value;
    whole_ = read(keep);
  }
  bool read(std::size_t from) {
    for (std::size_t i = from; i < w_.size; ++i) {
      if (at_.value == ranges::end(base_)) return false;
      if constexpr (std::is_same_v<std::remove_cvref_t<ranges::range_reference_t<V>>, T>)
        kept_[i] = *at_.value;
      else
        store_all<leaf_t<T>>(*at_.value, kept_[i].data(), count<T>);
      ++at_.value;
    }
    return true;
  }
  V base_{};
  window_steps<Size, Step> w_;
  std::vector<T> kept_;
  uncopied<ranges::iterator_t<V>> at_;
  bool whole_ = false;
};

template <std::size_t Size, std::size_t Step> struct windows_fn {
  window_steps<Size, Step> w;
  template <class R> auto operator()(R&& range) const {
    using V = ranges::views::all_t<R>;
    static_assert(element<ranges::range_reference_t<V>>,
                  "octet: views::windows takes ranges of numbers, or of arrays of numbers");
    if constexpr (contiguous<const V> && is_plain<const V>())
      return memory_windows<V, Size, Step>(ranges::views::all(static_cast<R&&>(range)), w);
    else
      return buffered_windows<V, Size, Step>(ranges::views::all(static_cast<R&&>(range)), w);
  }
};
}  // namespace detail

/// Windows of `Size` elements, the first at the start of the range, each next one `Step` further;
/// what is left at the end is no window. Each is a std::span of fixed extent: memory in one piece
/// (std::vector, std::span) is looked at where it lies; of any other range the elements of one
/// window are kept in a buffer that is made with the view, and a window is valid until the next is
/// asked for. Elements: numbers, or arrays of them (frames of features).
template <std::size_t Size, std::size_t Step = Size> constexpr auto windows() {
  static_assert(Size > 0 && Step > 0, "octet: size and step of windows are at least 1");
  return ranges::make_view_closure(detail::windows_fn<Size, Step>{});
}
/// The same with numbers known when the program runs: spans of dynamic extent, for loaded networks.
/// Error (octet::error; the program ends where exceptions are off): size or step 0.
inline auto windows(std::size_t size, std::size_t step) {
  if (size == 0 || step == 0)
    octet::detail::require(
        invalid("views::windows", std::to_string(size == 0 ? size : step), "at least 1"));
  return ranges::make_view_closure(detail::windows_fn<unknown_count, unknown_count>{{size, step}});
}
inline auto windows(std::size_t size) { return windows(size, size); }

}  // namespace views
OCTET_NAMESPACE_END

#endif  // OCTET_VIEWS_WINDOWS_HPP_

#endif  // OCTET_VIEWS_HPP_
#endif  // OCTET_SINGLE_HPP_
