// views::windows: overlapping stretches of a stream.
#ifndef OCTET_VIEWS_WINDOWS_HPP_
#define OCTET_VIEWS_WINDOWS_HPP_

#include <algorithm>
#include <vector>

#include "octet/ops/op.hpp"
#include "octet/views/elements.hpp"

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
