// How operands of different shapes meet element by element: one plan for every operator that
// broadcasts.
#ifndef OCTET_OPS_BROADCAST_HPP_
#define OCTET_OPS_BROADCAST_HPP_

#include "octet/ops/op.hpp"
#include "octet/ops/types.hpp"

OCTET_NAMESPACE_BEGIN

/// Output extents with adjacent axes merged where every operand allows it, and each operand's
/// stride per axis in elements (0: repeated).
template <int N> struct broadcast_plan {
  std::size_t count = 0;  // elements of the output
  std::size_t inner = 1;  // extent of the innermost merged axis
  std::int32_t rank = 1;  // merged axes, at least one
  std::array<std::int32_t, dims::max_rank> extent{1};
  std::array<std::array<std::int32_t, dims::max_rank>, N> stride{};
};

/// Plan for operands of these shapes; all must broadcast to `y` (checked by the operator's shape
/// rule).
template <int N>
OCTET_COLD constexpr broadcast_plan<N> make_broadcast(const std::array<dims, N>& in,
                                                      const dims& y) {
  broadcast_plan<N> p;
  p.count = y.elements().value;
  std::array<std::array<std::int32_t, dims::max_rank>, N> stride{};
  for (std::size_t k = 0; k < as_size(N); ++k) {
    std::int64_t s = 1;
    for (int i = 0; i < y.rank; ++i) {
      const std::int32_t e = in[k].back(i);
      stride[k][as_size(y.rank - 1 - i)] = e == 1 ? 0 : static_cast<std::int32_t>(s);
      s *= e;
    }
  }
  // From the innermost outwards: axis i joins the axis inside it if for every operand the step of i
  // equals a full pass over that axis.
  p.rank = 0;
  std::array<std::int32_t, dims::max_rank> extent{};  // innermost first
  std::array<std::array<std::int32_t, dims::max_rank>, N> merged{};
  for (int i = y.rank - 1; i >= 0; --i) {
    const auto at = as_size(i);
    if (y[i] == 1) continue;
    const auto last = as_size(p.rank > 0 ? p.rank - 1 : 0);
    bool join = p.rank > 0;
    for (std::size_t k = 0; k < as_size(N) && join; ++k)
      join = stride[k][at] == merged[k][last] * extent[last];
    if (join) {
      extent[last] *= y[i];
    } else {
      const auto to = as_size(p.rank++);
      extent[to] = y[i];
      for (std::size_t k = 0; k < as_size(N); ++k) merged[k][to] = stride[k][at];
    }
  }
  if (p.rank == 0) {
    p.rank = 1;
    extent[0] = 1;
    for (std::size_t k = 0; k < as_size(N); ++k) merged[k][0] = 1;
  }
  for (std::int32_t i = 0; i < p.rank; ++i) {
    const auto from = as_size(p.rank - 1 - i), to = as_size(i);
    p.extent[to] = extent[from];
    for (std::size_t k = 0; k < as_size(N); ++k) p.stride[k][to] = merged[k][from];
  }
  p.inner = as_size(p.extent[as_size(p.rank - 1)]);
  return p;
}

/// The element of each operand that output element i takes.
template <int N>
constexpr std::array<std::size_t, N> broadcast_offsets(const broadcast_plan<N>& p, std::size_t i) {
  std::array<std::size_t, N> offset{};
  for (std::int32_t d = p.rank - 1; d >= 0; --d) {
    const auto axis = as_size(d), extent = as_size(p.extent[axis]);
    for (std::size_t k = 0; k < as_size(N); ++k)
      offset[k] += i % extent * as_size(p.stride[k][axis]);
    i /= extent;
  }
  return offset;
}
/// An operand that broadcasts to matrices [..., M, N]: its own matrix for each of these, the steps
/// from row to row and column to column in it; 0: repeated.
struct broadcast_matrix {
  broadcast_plan<1> batches{};
  std::size_t size = 0, row = 0, column = 0;
  template <class T> constexpr const T* row_of(const T* x, std::size_t batch, std::size_t i) const {
    return x + broadcast_offsets(batches, batch)[0] * size + i * row;
  }
};
constexpr broadcast_matrix make_broadcast_matrix(dims c, dims y) {
  broadcast_matrix m;
  const std::int32_t rows = c.rank < 2 ? 1 : c.back(1), columns = c.rank < 1 ? 1 : c.back(0);
  m.size = as_size(rows) * as_size(columns);
  m.row = rows == 1 ? 0 : as_size(columns);
  m.column = columns == 1 ? 0 : 1;
  c.rank = c.rank > 2 ? c.rank - 2 : 0, y.rank -= 2;
  m.batches = make_broadcast<1>({c}, y);
  return m;
}
/// f(i, offsets) for output elements [begin, end): i is the output index, offsets[k] the element of
/// operand k.
template <int N, class F>
constexpr void for_each_broadcast(const broadcast_plan<N>& p, std::size_t begin, std::size_t end,
                                  F&& f) {
  if (begin >= end) return;
  std::array<std::int32_t, dims::max_rank> at{};
  std::array<std::size_t, N> offset = broadcast_offsets(p, begin);
  std::size_t rest = begin;
  for (std::int32_t i = p.rank - 1; i >= 0; --i) {
    const auto axis = as_size(i), extent = as_size(p.extent[axis]);
    at[axis] = static_cast<std::int32_t>(rest % extent);
    rest /= extent;
  }
  for (std::size_t i = begin; i < end; ++i) {
    f(i, offset);
    for (std::int32_t d = p.rank - 1; d >= 0; --d) {
      const auto axis = as_size(d);
      for (std::size_t k = 0; k < as_size(N); ++k) offset[k] += as_size(p.stride[k][axis]);
      if (++at[axis] < p.extent[axis]) break;
      for (std::size_t k = 0; k < as_size(N); ++k)
        offset[k] -= as_size(p.stride[k][axis]) * as_size(p.extent[axis]);
      at[axis] = 0;
    }
  }
}

/// Shape rule of two operands that broadcast.
constexpr shape_or binary_shape(const dims& a, const dims& b) {
  const dims y = broadcast(a, b);
  if (y.rank < 0) return violation{rule::shapes_differ, a, b};
  return y;
}

namespace ops {
constexpr status binary_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, binary_shape(n.in[0].shape, n.in[1].shape));
}
/// For operators whose output has the first input's shape.
constexpr status same_op_shape(const node_view& n, std::span<dims> out) {
  out[0] = n.in[0].shape;
  return unit{};
}
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_BROADCAST_HPP_
