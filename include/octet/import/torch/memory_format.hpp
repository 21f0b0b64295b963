// Memory formats as PyTorch keeps them in strides. Some of its kernels round differently for
// channels-last tensors, so every value carries the strides PyTorch would give it.
#ifndef OCTET_IMPORT_TORCH_MEMORY_FORMAT_HPP_
#define OCTET_IMPORT_TORCH_MEMORY_FORMAT_HPP_

#include <algorithm>
#include <optional>

#include "octet/import/torch/value.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

inline std::vector<std::int64_t> contiguous_strides(const std::vector<std::int64_t>& size) {
  std::vector<std::int64_t> s(size.size());
  std::int64_t step = 1;
  for (std::size_t i = size.size(); i-- > 0;) {
    s[i] = step;
    step *= std::max<std::int64_t>(size[i], 1);
  }
  return s;
}
/// Images and volumes: the ranks that have a format with their channels last.
constexpr bool has_channels_last(std::size_t rank) noexcept { return rank == 4 || rank == 5; }
/// N, H, W, C from outside in, of volumes N, D, H, W, C; other ranks: contiguous.
inline std::vector<std::int64_t> channels_last_strides(const std::vector<std::int64_t>& size) {
  if (!has_channels_last(size.size())) return contiguous_strides(size);
  std::vector<std::int64_t> s(size.size(), 1);
  std::int64_t step = std::max<std::int64_t>(size[1], 1);
  for (std::size_t i = size.size(); i-- > 0;) {
    if (i == 1) continue;
    s[i] = step;
    step *= std::max<std::int64_t>(size[i], 1);
  }
  return s;
}
/// Every step is what the format says; axes of extent 1 do not count. 1x1 images and single
/// channels are both formats at once.
inline bool is_contiguous(const tensor_data& t, bool channels_last) {
  if (channels_last && !has_channels_last(t.size.size())) return false;
  const auto want = channels_last ? channels_last_strides(t.size) : contiguous_strides(t.size);
  for (std::size_t i = 0; i < want.size(); ++i)
    if (t.size[i] != 1 && t.stride[i] != want[i]) return false;
  return true;
}
/// The format PyTorch gives to results "like" this one: channels last only where the strides say so
/// without doubt.
inline bool suggests_channels_last(const tensor_data& t) {
  if (!has_channels_last(t.size.size()) || t.stride[1] == 0) return false;
  std::int64_t least = 0;
  for (std::size_t k = 0; k < t.size.size(); ++k) {  // from inside out: channels, then W, H, .. N
    const std::size_t d = k == 0 ? 1 : k + 1 == t.size.size() ? 0 : t.size.size() - k;
    if (t.size[d] == 0 || t.stride[d] < least) return false;
    if (d == 0 && least == t.stride[1]) return false;  // N111: ambiguous, taken as contiguous
    least = t.size[d] > 1 ? t.stride[d] * t.size[d] : t.stride[d];
  }
  return true;
}
/// Axis 1 innermost in memory, the others in order: what a convolution gives, flattened, or a
/// transposed sequence. Of any rank, where `suggests_channels_last` speaks of images.
inline bool lies_channels_inner(const tensor_data& t) {
  if (t.rank() < 3 || t.size[1] < 2) return false;
  std::int64_t step = t.size[1];
  bool others = false;
  for (std::size_t i = t.size.size(); i-- > 0;) {
    if (t.size[i] == 1) continue;
    others |= i > 1;
    if (t.stride[i] != (i == 1 ? 1 : step)) return false;
    if (i != 1) step *= std::max<std::int64_t>(t.size[i], 1);
  }
  return others;
}
/// Steps in elements along every axis of a tensor.
using memory_steps = std::vector<std::int64_t>;
/// Those of an operand along the axes of a result of these extents: 0 where it is repeated.
inline memory_steps steps_in(const tensor_data& t, const std::vector<std::int64_t>& size) {
  memory_steps s(size.size());
  const std::size_t first = size.size() - t.size.size();
  for (std::size_t i = 0; i < t.size.size(); ++i)
    s[first + i] = t.size[i] == 1 && size[first + i] != 1 ? 0 : t.stride[i];
  return s;
}
/// PyTorch's loops run along the axis of the smallest steps: -1: a is further inside than b, 1: b
/// is, 0: the steps do not say. The result's steps, if it has any yet, decide before the operands'.
inline int inner_of(const std::vector<std::int64_t>& size, const std::vector<memory_steps>& all,
                    std::size_t a, std::size_t b) {
  for (const memory_steps& s : all) {
    if (s.empty() || s[a] == 0 || s[b] == 0) continue;
    if (s[a] != s[b]) return s[a] < s[b] ? -1 : 1;
    if (size[a] > size[b]) return 1;
  }
  return 0;
}
/// All axes, the innermost first: PyTorch's insertion sort, as axes that say nothing keep their
/// places.
inline std::vector<std::size_t> axes_inside_out(const std::vector<std::int64_t>& size,
                                                const std::vector<memory_steps>& all) {
  std::vector<std::size_t> order;
  for (std::size_t i = size.size(); i-- > 0;) order.push_back(i);
  for (std::size_t i = 1; i < order.size(); ++i)
    for (std::size_t at = i, before = i; before-- > 0;) {
      const int inner = inner_of(size, all, order[before], order[at]);
      if (inner < 0) break;
      if (inner == 0) continue;
      std::swap(order[before], order[at]);
      at = before;
    }
  return order;
}
/// The strides PyTorch's iterator gives a new result of that size: axes in the order of the first
/// operand that tells them apart, without gaps. A stride of 0 tells nothing.
inline memory_steps iterated_strides(const std::vector<std::int64_t>& size,
                                     const std::vector<memory_steps>& operands) {
  memory_steps stride(size.size());
  std::int64_t step = 1;
  for (const std::size_t axis : axes_inside_out(size, operands)) {
    stride[axis] = step;
    step *= std::max<std::int64_t>(size[axis], 1);
  }
  return stride;
}
/// Elements that PyTorch's loop takes in one go and in vectors; 0: it takes none in vectors, which
/// wants steps of 1, or one repeated operand. `all`: steps of the result (empty where the loop
/// itself allocates it) and of the operands.
inline std::int64_t vector_row(const std::vector<std::int64_t>& size,
                               std::vector<memory_steps> all) {
  if (size.empty()) return 0;
  const auto order = axes_inside_out(size, all);
  if (all[0].empty()) all[0] = iterated_strides(size, all);
  std::size_t inner = order[0];
  std::int64_t row = size[inner];
  for (std::size_t i = 1; i < order.size(); ++i) {
    const std::size_t axis = order[i];
    const auto joins = [&](const memory_steps& s) {
      return static_cast<std::uint64_t>(row) * static_cast<std::uint64_t>(s[inner]) ==
             static_cast<std::uint64_t>(s[axis]);  // files may hold any step
    };
    if (row != 1 && size[axis] != 1 && !std::all_of(all.begin(), all.end(), joins)) break;
    if (row == 1) inner = axis;
    row *= size[axis];
  }
  int repeated = 0;
  for (std::size_t k = 0; k < all.size(); ++k) {
    if (all[k][inner] == 1) continue;
    if (k == 0 || all[k][inner] != 0 || ++repeated > 1) return 0;
  }
  return row;
}
/// The strides of `x` seen with other extents, as PyTorch computes them: runs of axes that lie one
/// after another in memory are split and joined, from the innermost out. Nothing where it has to
/// copy.
inline std::optional<std::vector<std::int64_t>> view_strides(
    const tensor_data& x, const std::vector<std::int64_t>& size) {
  if (x.elements() == 0 || x.size.empty()) return {};
  // Strides of axes of extent 1 may be any number in a file: products wrap.
  const auto times = [](std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  };
  std::vector<std::int64_t> stride(size.size());
  std::size_t at = size.size();  // axes of the view before it have no stride yet
  std::int64_t step = x.stride.back(), run = 1, seen = 1;
  for (std::size_t axis = x.size.size(); axis-- > 0;) {
    run *= x.size[axis];
    if (axis > 0 && (x.size[axis - 1] == 1 || x.stride[axis - 1] == times(run, step))) continue;
    for (; at > 0 && (seen < run || size[at - 1] == 1); --at) {
      stride[at - 1] = times(seen, step);
      seen *= size[at - 1];
    }
    if (seen != run) return {};
    if (axis > 0) step = x.stride[axis - 1], run = seen = 1;
  }
  if (at != 0) return {};
  return stride;
}
constexpr memory_format format_of(bool channels_last) noexcept {
  return channels_last ? memory_format::channels_last : memory_format::contiguous;
}

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_MEMORY_FORMAT_HPP_
