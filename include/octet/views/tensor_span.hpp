// A tensor's numbers as a range, and its rows, pixels, channels and tiles as ranges.
#ifndef OCTET_VIEWS_TENSOR_SPAN_HPP_
#define OCTET_VIEWS_TENSOR_SPAN_HPP_

#include <algorithm>

#include "octet/runtime/session.hpp"
#include "octet/typed/types.hpp"
#include "octet/views/elements.hpp"

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
