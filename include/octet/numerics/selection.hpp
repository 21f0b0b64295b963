// Selecting and sorting in the order that libstdc++ leaves equal elements in: PyTorch's topk and
// sort are its partial_sort, nth_element and sort, TensorFlow Lite's suppression of boxes its heap,
// so that the steps decide which of equal elements come first. From the published algorithms:
// Musser's introspective sort and selection (median of three, unguarded partition, heap below a
// depth, insertion below 16 elements), Williams' heap with Floyd's sift to the bottom.
#ifndef OCTET_NUMERICS_SELECTION_HPP_
#define OCTET_NUMERICS_SELECTION_HPP_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "octet/core/config.hpp"

OCTET_NAMESPACE_BEGIN
namespace numerics {

/// The three orders over x[0, n), elements that are moved about; `before` is a strict weak order.
/// No allocation; at most n log n steps.
template <class T, class Before> class selection {
 public:
  constexpr selection(T* x, Before before) noexcept : x_(x), before_(before) {}

  /// x[n - 1] joins the heap x[0, n - 1): the last of its order is x[0]. 1 <= n.
  constexpr void push(std::size_t n) noexcept { rise(x_, 0, n - 1, x_[n - 1]); }
  /// x[0] leaves the heap x[0, n) and is x[n - 1]. 1 <= n.
  constexpr void pop(std::size_t n) noexcept {
    const T v = x_[n - 1];
    x_[n - 1] = x_[0];
    if (n > 1) sift(0, 0, n - 1, v);
  }
  /// The first k of n in order, the others in any: k searches of a heap. 0 <= k <= n.
  constexpr void partial_sort(std::size_t k, std::size_t n) noexcept { heap_sort(0, k, n); }
  /// The element at `nth` is the one a sort would put there, none in front of it comes after it.
  constexpr void nth_element(std::size_t nth, std::size_t n) noexcept {
    if (nth >= n) return;
    std::size_t first = 0, last = n;
    for (int depth = depth_of(n); last - first > 3; --depth) {
      if (depth == 0) {
        heap_select(first, nth + 1, last);
        std::swap(x_[first], x_[nth]);
        return;
      }
      const std::size_t cut = partition(first, last);
      (cut <= nth ? first : last) = cut;
    }
    insertion_sort(first, last);
  }
  constexpr void sort(std::size_t n) noexcept {
    sort_roughly(0, n, depth_of(n));
    insertion_sort(0, n);
  }

 private:
  static constexpr std::size_t small = 16;
  static constexpr int depth_of(std::size_t n) noexcept {
    return n < 2 ? 0 : 2 * static_cast<int>(std::bit_width(n) - 1);
  }
  /// Until parts of at most `small` are left, each in its place.
  constexpr void sort_roughly(std::size_t first, std::size_t last, int depth) noexcept {
    for (; last - first > small; --depth) {
      if (depth == 0) return heap_sort(first, last, last);
      const std::size_t cut = partition(first, last);
      sort_roughly(cut, last, depth - 1);
      last = cut;
    }
  }
  /// Each element moves in front of those it comes before; equal ones keep their order.
  constexpr void insertion_sort(std::size_t first, std::size_t last) noexcept {
    for (std::size_t i = first + 1; i < last; ++i) {
      const T v = x_[i];
      std::size_t at = i;
      for (; at > first && before_(v, x_[at - 1]); --at) x_[at] = x_[at - 1];
      x_[at] = v;
    }
  }
  /// The middle one of the elements a, b and c goes to `to`.
  constexpr void median_to(std::size_t to, std::size_t a, std::size_t b, std::size_t c) noexcept {
    const bool ab = before_(x_[a], x_[b]);
    const std::size_t low = ab ? a : b, high = ab ? b : a;
    std::size_t middle = low;
    if (before_(x_[low], x_[c])) middle = before_(x_[high], x_[c]) ? high : c;
    std::swap(x_[to], x_[middle]);
  }
  /// Around the median of three: where the part begins that does not come before it.
  constexpr std::size_t partition(std::size_t first, std::size_t last) noexcept {
    median_to(first, first + 1, first + (last - first) / 2, last - 1);
    std::size_t left = first + 1, right = last;
    for (;; ++left) {
      while (before_(x_[left], x_[first])) ++left;
      do --right;
      while (before_(x_[first], x_[right]));
      if (left >= right) return left;
      std::swap(x_[left], x_[right]);
    }
  }
  /// v into the heap x[first, first + n) whose element at `hole` is gone: the hole sinks to the
  /// bottom, then v rises.
  constexpr void sift(std::size_t first, std::size_t hole, std::size_t n, T v) noexcept {
    T* const heap = x_ + first;
    const std::size_t top = hole;
    while (2 * hole + 2 < n) {
      std::size_t child = 2 * hole + 2;
      if (before_(heap[child], heap[child - 1])) --child;
      heap[hole] = heap[child];
      hole = child;
    }
    if (2 * hole + 2 == n) {  // one child
      heap[hole] = heap[n - 1];
      hole = n - 1;
    }
    rise(heap, top, hole, v);
  }
  /// v into the hole of a heap, not above `top`.
  constexpr void rise(T* heap, std::size_t top, std::size_t hole, T v) noexcept {
    while (hole > top && before_(heap[(hole - 1) / 2], v)) {
      heap[hole] = heap[(hole - 1) / 2];
      hole = (hole - 1) / 2;
    }
    heap[hole] = v;
  }
  /// The elements of [first, last) that come first are the heap [first, middle).
  constexpr void heap_select(std::size_t first, std::size_t middle, std::size_t last) noexcept {
    const std::size_t n = middle - first;
    for (std::size_t parent = n / 2; parent-- > 0;) sift(first, parent, n, x_[first + parent]);
    for (std::size_t i = middle; i < last && n > 0; ++i) {
      if (!before_(x_[i], x_[first])) continue;
      const T v = x_[i];
      x_[i] = x_[first];
      sift(first, 0, n, v);
    }
  }
  constexpr void heap_sort(std::size_t first, std::size_t middle, std::size_t last) noexcept {
    heap_select(first, middle, last);
    for (std::size_t n = middle - first; n-- > 1;) {
      const T v = x_[first + n];
      x_[first + n] = x_[first];
      sift(first, 0, n, v);
    }
  }

  T* x_;
  Before before_;
};

}  // namespace numerics
OCTET_NAMESPACE_END

#endif  // OCTET_NUMERICS_SELECTION_HPP_
