// Memory formats as PyTorch keeps them in strides. Some of its kernels round differently for
// channels-last tensors, so every value carries the strides PyTorch would give it.
#ifndef OCTET_IMPORT_TORCH_MEMORY_FORMAT_HPP_
#define OCTET_IMPORT_TORCH_MEMORY_FORMAT_HPP_

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
/// For 4 dimensions N, H, W, C from outside in; other ranks: contiguous.
inline std::vector<std::int64_t> channels_last_strides(const std::vector<std::int64_t>& size) {
  if (size.size() != 4) return contiguous_strides(size);
  const auto c = std::max<std::int64_t>(size[1], 1), w = std::max<std::int64_t>(size[3], 1),
             h = std::max<std::int64_t>(size[2], 1);
  return {h * w * c, 1, w * c, c};
}
/// Every step is what the format says; axes of extent 1 do not count. 1x1 images and single
/// channels are both formats at once.
inline bool is_contiguous(const tensor_data& t, bool channels_last) {
  if (channels_last && t.rank() != 4) return false;
  const auto want = channels_last ? channels_last_strides(t.size) : contiguous_strides(t.size);
  for (std::size_t i = 0; i < want.size(); ++i)
    if (t.size[i] != 1 && t.stride[i] != want[i]) return false;
  return true;
}
/// The format PyTorch gives to results "like" this one: channels last only where the strides say so
/// without doubt.
inline bool suggests_channels_last(const tensor_data& t) {
  if (t.rank() != 4 || t.stride[1] == 0) return false;
  std::int64_t least = 0;
  for (const std::size_t d : {std::size_t{1}, std::size_t{3}, std::size_t{2}, std::size_t{0}}) {
    if (t.size[d] == 0 || t.stride[d] < least) return false;
    if (d == 0 && least == t.stride[1]) return false;  // N111: ambiguous, taken as contiguous
    least = t.size[d] > 1 ? t.stride[d] * t.size[d] : t.stride[d];
  }
  return true;
}
constexpr memory_format format_of(bool channels_last) noexcept {
  return channels_last ? memory_format::channels_last : memory_format::contiguous;
}

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_MEMORY_FORMAT_HPP_
