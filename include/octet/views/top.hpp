// views::top: the largest numbers of each element.
#ifndef OCTET_VIEWS_TOP_HPP_
#define OCTET_VIEWS_TOP_HPP_

#include <vector>

#include "octet/views/elements.hpp"

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
