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

#include "octet/core/error.hpp"

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
