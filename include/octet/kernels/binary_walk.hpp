// How operations of two operands walk over their output: the same on every target, compiled once.
#ifndef OCTET_KERNELS_BINARY_WALK_HPP_
#define OCTET_KERNELS_BINARY_WALK_HPP_

#include <cstring>

#include "octet/kernels/kernel.hpp"
#include "octet/ops/broadcast.hpp"

#if OCTET_HAS_KERNELS
OCTET_NAMESPACE_BEGIN
namespace kernels {

/// Operand k lies in memory as the result does.
inline bool in_result_order(const broadcast_plan<2>& s, std::size_t k) noexcept {
  std::int64_t step = 1;
  for (std::size_t axis = as_size(s.rank); axis-- > 0; step *= s.extent[axis])
    if (s.stride[k][axis] != step) return false;
  return true;
}
/// Operand k is one row of the innermost axis again and again.
inline bool is_one_row(const broadcast_plan<2>& s, std::size_t k) noexcept {
  for (std::size_t axis = 0; axis + 1 < as_size(s.rank); ++axis)
    if (s.stride[k][axis] != 0) return false;
  return s.stride[k][as_size(s.rank - 1)] == 1;
}
/// An operation and how it reads operands and writes results: y[0..n) = op(a, b), operands step by
/// one element or stand still.
struct binary_loop {
  const void *op, *operands;
  void (*run)(const void* op, const void* operands, const std::byte* a, bool step_a,
              const std::byte* b, bool step_b, std::byte* y, std::size_t n) noexcept;
  std::size_t size[2], result_size;  // bytes of an element
};
/// Rows up to this length are laid out once over and over, so that a run has many of them.
inline constexpr std::size_t most_short_row = 256, many_rows = 1024;

/// Operand `whole` in the result's order, the other one a short row again and again.
OCTET_NOINLINE inline void binary_short_rows(const binary_loop& of, std::size_t whole,
                                             std::size_t row, const kernel_args& k,
                                             std::size_t begin, std::size_t end) noexcept {
  const std::size_t other = 1 - whole, sx = of.size[whole], sr = of.size[other], at = begin % row,
                    most = many_rows / row * row, run = most < end - begin ? most : end - begin;
  alignas(64) std::byte rows[many_rows * 4];
  const auto* from = static_cast<const std::byte*>(k.in[other]);
  std::memcpy(rows, from + at * sr, (row - at) * sr);
  std::memcpy(rows + (row - at) * sr, from, at * sr);
  for (std::size_t have = row; have < run;) {
    const std::size_t more = have < most - have ? have : most - have;
    std::memcpy(rows + have * sr, rows, more * sr);
    have += more;
  }
  const auto* x = static_cast<const std::byte*>(k.in[whole]);
  auto* y = static_cast<std::byte*>(k.out[0]);
  for (std::size_t i = begin; i < end; i += run) {
    const std::size_t n = run < end - i ? run : end - i;
    of.run(of.op, of.operands, whole == 0 ? x + i * sx : rows, true, whole == 0 ? rows : x + i * sx,
           true, y + i * of.result_size, n);
  }
}

/// Output elements [begin, end) in runs along the innermost merged axis, where an operand's stride
/// is 0 or 1. Elements have at most four bytes.
OCTET_NOINLINE inline void binary_walk(const binary_loop& of, const broadcast_plan<2>& s,
                                       const kernel_args& k, std::size_t begin,
                                       std::size_t end) noexcept {
  const auto* a = static_cast<const std::byte*>(k.in[0]);
  const auto* b = static_cast<const std::byte*>(k.in[1]);
  auto* y = static_cast<std::byte*>(k.out[0]);
  const std::size_t sa = of.size[0], sb = of.size[1], sy = of.result_size;
  const bool rows_of_b = s.rank > 1 && in_result_order(s, 0) && is_one_row(s, 1),
             rows_of_a = s.rank > 1 && in_result_order(s, 1) && is_one_row(s, 0);
  if (rows_of_a || rows_of_b) {
    if (s.inner <= most_short_row)
      return binary_short_rows(of, rows_of_b ? 0 : 1, s.inner, k, begin, end);
    for (std::size_t i = begin, at = begin % s.inner; i < end; at = 0) {
      const std::size_t n = s.inner - at < end - i ? s.inner - at : end - i;
      of.run(of.op, of.operands, a + (rows_of_a ? at : i) * sa, true, b + (rows_of_b ? at : i) * sb,
             true, y + i * sy, n);
      i += n;
    }
    return;
  }
  const auto last = as_size(s.rank - 1);
  const bool step_a = s.stride[0][last] != 0, step_b = s.stride[1][last] != 0;
  for (std::size_t i = begin; i < end;) {
    std::size_t rest = i / s.inner, at = i % s.inner,
                offset[2] = {step_a ? at : 0, step_b ? at : 0};
    for (std::size_t axis = last; axis-- > 0;) {
      const auto extent = as_size(s.extent[axis]), index = rest % extent;
      rest /= extent;
      offset[0] += index * as_size(s.stride[0][axis]);
      offset[1] += index * as_size(s.stride[1][axis]);
    }
    const std::size_t n = s.inner - at < end - i ? s.inner - at : end - i;
    of.run(of.op, of.operands, a + offset[0] * sa, step_a, b + offset[1] * sb, step_b, y + i * sy,
           n);
    i += n;
  }
}

}  // namespace kernels
OCTET_NAMESPACE_END
#endif  // OCTET_HAS_KERNELS

#endif  // OCTET_KERNELS_BINARY_WALK_HPP_
