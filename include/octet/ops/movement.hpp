// Pure data movement as one strided copy: transpose, slice, strided_slice, split, unpack, tile,
// reverse, broadcast_to, space_to_depth, depth_to_space, space_to_batch, batch_to_space.
// Quantization is that of the input, element for element.
#ifndef OCTET_OPS_MOVEMENT_HPP_
#define OCTET_OPS_MOVEMENT_HPP_

#include <algorithm>

#include "octet/ops/reshape.hpp"
#include "octet/ops/types.hpp"

OCTET_NAMESPACE_BEGIN

/// y[i0][i1]... = x[offset + i0 * stride0 + i1 * stride1 + ...], innermost axis last; strides may
/// be 0 or negative.
struct strided_copy {
  static constexpr std::size_t max_rank =
      2 * dims::max_rank + 2;  // tile and the block rearrangements split every axis in two
  std::size_t rank = 0, count = 1;
  std::array<std::int32_t, max_rank> extent{};
  std::array<std::int64_t, max_rank> stride{};
  std::int64_t offset = 0;

  /// Appends an inner axis; joins it with the one before where that is a full pass over it.
  constexpr void axis(std::int32_t n, std::int64_t step) {
    count = saturating_mul(count, n < 0 ? 0 : as_size(n));
    // Nothing is copied, or too much: refused when the output's shape is checked. Products of such
    // extents are beyond an int32.
    if (n == 1 || count == 0 || count > max_elements) return;
    if (rank > 0 && stride[rank - 1] == step * n) {
      extent[rank - 1] *= n;
      stride[rank - 1] = step;
      return;
    }
    extent[rank] = n;
    stride[rank++] = step;
  }
  /// All of the input in its own order.
  constexpr bool identity(std::size_t input_count) const {
    return offset == 0 && count == input_count && (rank == 0 || (rank == 1 && stride[0] == 1));
  }
};

struct movement_params {
  dtype type = dtype::u8;
  std::size_t outputs = 1;
  const strided_copy* copies = nullptr;  // one per output
};

namespace reference {
#if OCTET_HAS_DEFINITIONS
/// memcpy of few bytes without a call: two copies that may overlap.
OCTET_ALWAYS_INLINE void copy_bytes(std::byte* to, const std::byte* from, std::size_t n) noexcept {
  const auto both_ends = [&]<std::size_t Part>(std::integral_constant<std::size_t, Part>) {
    std::byte first[Part], last[Part];
    std::memcpy(first, from, Part), std::memcpy(last, from + n - Part, Part);
    std::memcpy(to, first, Part), std::memcpy(to + n - Part, last, Part);
  };
  if (n > 32) {
    std::memcpy(to, from, n);
  } else if (n >= 16) {
    both_ends(std::integral_constant<std::size_t, 16>());
  } else if (n >= 8) {
    both_ends(std::integral_constant<std::size_t, 8>());
  } else if (n >= 4) {
    both_ends(std::integral_constant<std::size_t, 4>());
  } else if (n >= 2) {
    both_ends(std::integral_constant<std::size_t, 2>());
  } else if (n == 1) {
    *to = *from;
  }
}
#endif
/// n neighbours.
template <class T> constexpr void copy_run(const T* from, std::size_t n, T* to) {
#if OCTET_HAS_DEFINITIONS
  if (!std::is_constant_evaluated())
    return copy_bytes(reinterpret_cast<std::byte*>(to), reinterpret_cast<const std::byte*>(from),
                      n * sizeof(T));
#endif
  std::copy_n(from, n, to);
}
template <class T>
constexpr void copy_strided(const strided_copy& c, const T* x, T* y, std::size_t begin,
                            std::size_t end) {
  if (begin >= end) return;
  if (c.rank == 0) {
    y[0] = x[c.offset];
    return;
  }
  const std::size_t last = c.rank - 1;
  std::array<std::int32_t, strided_copy::max_rank> at{};
  std::int64_t from = c.offset;
  std::size_t rest = begin;
  for (std::size_t d = c.rank; d-- > 0;) {
    at[d] = static_cast<std::int32_t>(rest % as_size(c.extent[d]));
    rest /= as_size(c.extent[d]);
    from += at[d] * c.stride[d];
  }
  for (std::size_t i = begin; i < end;) {
    const std::size_t run = std::min(end - i, as_size(c.extent[last] - at[last]));
    if (c.stride[last] == 1) {
      copy_run(x + from, run, y + i);
    } else {
      for (std::size_t k = 0; k < run; ++k)
        y[i + k] = x[from + static_cast<std::int64_t>(k) * c.stride[last]];
    }
    i += run;
    from -= at[last] * c.stride[last];
    at[last] = 0;
    for (std::size_t d = last; d-- > 0;) {
      from += c.stride[d];
      if (++at[d] < c.extent[d]) break;
      from -= c.stride[d] * c.extent[d];
      at[d] = 0;
    }
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void movement_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const movement_params*>(a.params);
  with_size(p.type, [&]<class T>(type_tag<T>) {
    for (std::size_t o = 0; o < p.outputs; ++o) {
      if (!a.out[o]) continue;
      const auto r = part_of(p.copies[o].count, a.part, a.parts);
      copy_strided(p.copies[o], static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[o]), r.begin,
                   r.end);
    }
  });
}
#else
void movement_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

// ---- shapes and plans ----

/// A number for each axis.
template <class T> struct per_axis {
  std::array<T, dims::max_rank> list{};
  constexpr const T& operator[](int axis) const { return list[as_size(axis)]; }
  constexpr T& operator[](int axis) { return list[as_size(axis)]; }
};
/// Row-major strides of a shape.
constexpr per_axis<std::int64_t> strides_of(const dims& x) {
  per_axis<std::int64_t> s;
  std::int64_t step = 1;
  for (int i = x.rank - 1; i >= 0; --i) {
    s[i] = step;
    step *= x[i];
  }
  return s;
}
/// A shape with its copy, or a violation.
struct moved {
  dims shape{};
  strided_copy copy{};
  violation broken{};
  constexpr moved() = default;
  constexpr moved(violation v) : broken(v) {}  // NOLINT
};

/// The rank of images that `block` is for: an axis in front of its own.
constexpr dims with_batch(dims block) {
  if (block.rank < dims::max_rank) block.push_back(0);
  return block;
}

constexpr moved move_transpose(const dims& x, const dims& perm) {
  if (perm.rank != x.rank) return violation{rule::rank, x, perm};
  const auto s = strides_of(x);
  moved m;
  per_axis<bool> used;
  for (std::int32_t p : perm) {
    if (p < 0) p += x.rank;
    if (p < 0 || p >= x.rank || used[p]) return violation{rule::axis, dims{0, x.rank - 1}, perm};
    used[p] = true;
    m.shape.push_back(x[p]);
    m.copy.axis(x[p], s[p]);
  }
  return m;
}
/// size -1: to the end.
constexpr moved move_slice(const dims& x, const dims& begin, const dims& size) {
  if (begin.rank != x.rank || size.rank != x.rank)
    return violation{rule::rank, x, begin.rank != x.rank ? begin : size};
  const auto s = strides_of(x);
  moved m;
  for (int i = 0; i < x.rank; ++i) {
    const std::int64_t n = size[i] == -1 ? std::int64_t{x[i]} - begin[i] : size[i];
    if (begin[i] < 0 || n < 0 || begin[i] + n > x[i])
      return violation{rule::value, x, dims{begin[i], size[i]}};
    m.shape.push_back(static_cast<std::int32_t>(n));
    m.copy.axis(static_cast<std::int32_t>(n), s[i]);
    m.copy.offset += begin[i] * s[i];
  }
  return m;
}

struct strided_slice_attrs {
  dims begin{}, end{}, strides{};
  std::int32_t begin_mask = 0, end_mask = 0, ellipsis_mask = 0, new_axis_mask = 0,
               shrink_axis_mask = 0;  // bit i: position i of begin, end, strides
  static constexpr auto fields =
      field_list{field{"begin", &strided_slice_attrs::begin},
                 field{"end", &strided_slice_attrs::end},
                 field{"strides", &strided_slice_attrs::strides},
                 field{"begin_mask", &strided_slice_attrs::begin_mask},
                 field{"end_mask", &strided_slice_attrs::end_mask},
                 field{"ellipsis_mask", &strided_slice_attrs::ellipsis_mask},
                 field{"new_axis_mask", &strided_slice_attrs::new_axis_mask},
                 field{"shrink_axis_mask", &strided_slice_attrs::shrink_axis_mask}};
};
/// Python's slicing: negative positions count from the end, positions outside are clamped, shrink
/// drops the axis, new_axis adds one.
constexpr moved move_strided_slice(const dims& x, const strided_slice_attrs& a) {
  const int n = a.begin.rank;
  if (a.end.rank != n || a.strides.rank != n)
    return violation{rule::rank, a.begin, a.end.rank != n ? a.end : a.strides};
  int added = 0, ellipses = 0;
  for (int i = 0; i < n; ++i) {
    if (a.ellipsis_mask >> i & 1)
      ++ellipses;
    else if (a.new_axis_mask >> i & 1)
      ++added;
  }
  const int consumed = n - added - ellipses;
  if (ellipses > 1 || consumed > x.rank || x.rank + added > dims::max_rank)
    return violation{rule::rank, x, a.begin};
  const auto s = strides_of(x);
  moved m;
  int axis = 0;
  const auto keep = [&](int k) {
    m.shape.push_back(x[k]);
    m.copy.axis(x[k], s[k]);
  };
  for (int i = 0; i < n; ++i) {
    if (a.ellipsis_mask >> i & 1) {
      for (int k = x.rank - consumed; k > 0; --k) keep(axis++);
      continue;
    }
    if (a.new_axis_mask >> i & 1) {
      m.shape.push_back(1);
      continue;
    }
    const std::int64_t extent = x[axis], step = a.strides[i];
    if (step == 0) return violation{rule::stride, dims{1}, dims{0}};
    const bool shrink = a.shrink_axis_mask >> i & 1;
    const auto position = [&](std::int64_t v) {
      if (v < 0) v += extent;
      const std::int64_t lo = step > 0 ? 0 : -1, hi = step > 0 ? extent : extent - 1;
      return v < lo ? lo : v > hi ? hi : v;
    };
    if (shrink) {
      const std::int64_t at = (a.begin_mask >> i & 1) ? 0
                              : a.begin[i] < 0        ? a.begin[i] + extent
                                                      : a.begin[i];
      if (at < 0 || at >= extent) return violation{rule::value, x, dims{a.begin[i]}};
      m.copy.offset += at * s[axis];
    } else {
      const std::int64_t from =
          (a.begin_mask >> i & 1) ? (step > 0 ? 0 : extent - 1) : position(a.begin[i]);
      const std::int64_t to = (a.end_mask >> i & 1) ? (step > 0 ? extent : -1) : position(a.end[i]);
      const std::int64_t span = step > 0 ? to - from : from - to, pace = step > 0 ? step : -step;
      const std::int64_t count = span > 0 ? (span + pace - 1) / pace : 0;
      m.shape.push_back(static_cast<std::int32_t>(count));
      m.copy.axis(static_cast<std::int32_t>(count), s[axis] * step);
      if (count > 0) m.copy.offset += from * s[axis];
    }
    ++axis;
  }
  while (axis < x.rank) keep(axis++);
  return m;
}
constexpr moved move_tile(const dims& x, const dims& multiples) {
  if (multiples.rank != x.rank) return violation{rule::rank, x, multiples};
  const auto s = strides_of(x);
  moved m;
  for (int i = 0; i < x.rank; ++i) {
    if (multiples[i] < 0 || std::int64_t{multiples[i]} * x[i] > INT32_MAX)
      return violation{rule::value, x, multiples};
    m.shape.push_back(multiples[i] * x[i]);
    m.copy.axis(multiples[i], 0);
    m.copy.axis(x[i], s[i]);
  }
  return m;
}
constexpr moved move_reverse(const dims& x, const dims& axes) {
  const auto s = strides_of(x);
  per_axis<bool> turn;
  for (std::int32_t a : axes) {
    if (a < -x.rank || a >= x.rank)
      return violation{rule::axis, dims{-x.rank, x.rank - 1}, dims{a}};
    turn[a < 0 ? a + x.rank : a] = true;
  }
  moved m;
  m.shape = x;
  for (int i = 0; i < x.rank; ++i) {
    const std::int64_t step = s[i];
    m.copy.axis(x[i], turn[i] ? -step : step);
    if (turn[i] && x[i] > 0) m.copy.offset += (x[i] - 1) * step;
  }
  return m;
}
constexpr moved move_broadcast(const dims& x, const dims& to) {
  const dims y = broadcast(x, to);
  if (y.rank < 0 || !(y == to)) return violation{rule::shapes_differ, to, x};
  const auto s = strides_of(x);
  moved m;
  m.shape = y;
  for (int i = 0; i < y.rank; ++i) {
    const int k = i - (y.rank - x.rank);
    m.copy.axis(y[i], k < 0 || x[k] == 1 ? 0 : s[k]);
  }
  return m;
}
/// NHWC: y[n][h][w][(i * b + j) * C + c] = x[n][h * b + i][w * b + j][c].
constexpr moved move_space_to_depth(const dims& x, std::int32_t b) {
  if (x.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, x};
  if (b < 1 || x[1] % b != 0 || x[2] % b != 0 || std::int64_t{b} * b * x[3] > INT32_MAX)
    return violation{rule::value, dims{x[1], x[2]}, dims{b}};
  const auto s = strides_of(x);
  moved m;
  m.shape = dims{x[0], x[1] / b, x[2] / b, b * b * x[3]};
  m.copy.axis(x[0], s[0]);
  m.copy.axis(x[1] / b, s[1] * b);
  m.copy.axis(x[2] / b, s[2] * b);
  m.copy.axis(b, s[1]);
  m.copy.axis(b, s[2]);
  m.copy.axis(x[3], s[3]);
  return m;
}
/// The inverse (TFLite, and ONNX's mode DCR). crd: the block index is inside the channel (ONNX's
/// CRD, PyTorch's pixel_shuffle).
constexpr moved move_depth_to_space(const dims& x, std::int32_t b, bool crd) {
  if (x.rank != 4) return violation{rule::rank, dims{0, 0, 0, 0}, x};
  if (b < 1 || b > 46340 || x[3] % (b * b) != 0 || std::int64_t{b} * x[1] > INT32_MAX ||
      std::int64_t{b} * x[2] > INT32_MAX)
    return violation{rule::value, x, dims{b}};
  const auto s = strides_of(x);
  const std::int32_t c = x[3] / (b * b);
  moved m;
  m.shape = dims{x[0], x[1] * b, x[2] * b, c};
  m.copy.axis(x[0], s[0]);
  m.copy.axis(x[1], s[1]);
  m.copy.axis(b, crd ? b : std::int64_t{b} * c);
  m.copy.axis(x[2], s[2]);
  m.copy.axis(b, crd ? 1 : c);
  m.copy.axis(c, crd ? std::int64_t{b} * b : 1);
  return m;
}
/// Blocks of the axes after the first go to the batch: y[(i, j) * N + n][h][w]... = x[n][h * bh +
/// i][w * bw + j].... Extents must divide.
constexpr moved move_space_to_batch(const dims& x, const dims& block) {
  const int k = block.rank;
  if (k < 1 || x.rank < k + 1) return violation{rule::rank, with_batch(block), x};
  const auto s = strides_of(x);
  moved m;
  std::int64_t batch = x[0];
  for (int i = 0; i < k; ++i) {
    if (block[i] < 1 || x[i + 1] % block[i] != 0 || (batch *= block[i]) > INT32_MAX)
      return violation{rule::value, x, block};
    m.copy.axis(block[i], s[i + 1]);
  }
  m.copy.axis(x[0], s[0]);
  m.shape.push_back(static_cast<std::int32_t>(batch));
  for (int i = 1; i < x.rank; ++i) {
    const std::int32_t b = i <= k ? block[i - 1] : 1;
    m.shape.push_back(x[i] / b);
    m.copy.axis(x[i] / b, s[i] * b);
  }
  return m;
}
/// The inverse of space_to_batch, whole blocks. Cropping is a slice of its own: a crop that cuts
/// through a block has no single stride.
constexpr moved move_batch_to_space(const dims& x, const dims& block) {
  const int k = block.rank;
  if (k < 1 || x.rank < k + 1) return violation{rule::rank, with_batch(block), x};
  std::int64_t blocks = 1;
  for (std::int32_t b : block)
    if (b < 1 || (blocks *= b) > INT32_MAX) return violation{rule::value, x, block};
  if (x[0] % blocks != 0)
    return violation{rule::value, dims{static_cast<std::int32_t>(blocks)}, dims{x[0]}};
  const auto s = strides_of(x);
  const auto batch = static_cast<std::int32_t>(x[0] / blocks);
  per_axis<std::int64_t> step;  // of block index i in x
  std::int64_t pace = s[0] * batch;
  for (int i = k - 1; i >= 0; --i) {
    step[i] = pace;
    pace *= block[i];
  }
  moved m;
  m.shape.push_back(batch);
  m.copy.axis(batch, s[0]);
  for (int i = 1; i < x.rank; ++i) {
    const std::int32_t b = i <= k ? block[i - 1] : 1;
    if (std::int64_t{x[i]} * b > INT32_MAX) return violation{rule::value, x, block};
    m.shape.push_back(x[i] * b);
    m.copy.axis(x[i], s[i]);
    if (i <= k) m.copy.axis(b, step[i - 1]);
  }
  return m;
}

namespace ops {
using move_rule = moved (*)(const node_view&);
template <move_rule Rule> constexpr status movement_shape(const node_view& n, std::span<dims> out) {
  const moved m = Rule(n);
  if (m.broken) return m.broken;
  out[0] = m.shape;
  return unit{};
}
template <move_rule Rule> constexpr void movement_memory(const node_view& n, node_memory& to) {
  const moved m = Rule(n);
  to.alias = !m.broken && m.copy.identity(n.in[0].shape.elements().value);
  if (to.alias) return;
  to.make<movement_params>();
  to.array<strided_copy>(1);
}
#if OCTET_HAS_DEFINITIONS
template <move_rule Rule, kernel_id Kernel = kernel_id::none>
status movement_prepare(const node_view& n, prepared& to) {
  const moved m = Rule(n);
  if (m.broken) return m.broken;
  if (m.copy.identity(n.in[0].shape.elements().value)) return unit{};  // an alias
  auto& p = to.make<movement_params>(&reference::movement_kernel, Kernel);
  p.type = n.in[0].type;
  auto c = to.array<strided_copy>(1);
  c[0] = m.copy;
  p.copies = c.data();
  return unit{};
}
#else
template <move_rule Rule, kernel_id Kernel = kernel_id::none>
status movement_prepare(const node_view& n, prepared& to);
#endif
constexpr moved transpose_rule(const node_view& n) {
  return move_transpose(n.in[0].shape, dims_attribute(n, "perm"));
}
constexpr moved slice_rule(const node_view& n) {
  return move_slice(n.in[0].shape, dims_attribute(n, "begin"), dims_attribute(n, "size"));
}
constexpr moved strided_slice_rule(const node_view& n) {
  return move_strided_slice(n.in[0].shape, read_attributes<strided_slice_attrs>(*n.attrs));
}
constexpr moved tile_rule(const node_view& n) {
  return move_tile(n.in[0].shape, dims_attribute(n, "multiples"));
}
constexpr moved reverse_rule(const node_view& n) {
  return move_reverse(n.in[0].shape, dims_attribute(n, "axes"));
}
constexpr moved broadcast_to_rule(const node_view& n) {
  return move_broadcast(n.in[0].shape, dims_attribute(n, "shape"));
}
constexpr moved space_to_depth_rule(const node_view& n) {
  return move_space_to_depth(n.in[0].shape,
                             static_cast<std::int32_t>(n.attrs->integer("block_size")));
}
constexpr moved depth_to_space_rule(const node_view& n) {
  return move_depth_to_space(n.in[0].shape,
                             static_cast<std::int32_t>(n.attrs->integer("block_size")),
                             n.attrs->integer("crd") != 0);
}
constexpr moved space_to_batch_rule(const node_view& n) {
  return move_space_to_batch(n.in[0].shape, dims_attribute(n, "block_shape"));
}
constexpr moved batch_to_space_rule(const node_view& n) {
  return move_batch_to_space(n.in[0].shape, dims_attribute(n, "block_shape"));
}

/// Piece `index` of an axis: attribute "sizes" (one per output, one of them may be -1: the rest),
/// or equal ones. Unpack: pieces of extent 1 without the axis.
inline constexpr std::size_t most_pieces = 4096;  // each sums up those before it
struct piece {
  violation broken{};
  moved move{};
};
template <bool Unpack>
constexpr piece piece_of(const node_view& n, std::size_t outputs, std::size_t index) {
  const dims& x = n.in[0].shape;
  if (outputs > most_pieces)
    return {violation{rule::element_count, dims{static_cast<std::int32_t>(most_pieces)},
                      dims{static_cast<std::int32_t>(std::min<std::size_t>(outputs, INT32_MAX))}}};
  const std::int64_t given = n.attrs->integer("axis");
  if (given < -x.rank || given >= x.rank)
    return {
        violation{rule::axis, dims{-x.rank, x.rank - 1}, dims{static_cast<std::int32_t>(given)}}};
  const int axis = static_cast<int>(given < 0 ? given + x.rank : given);
  const std::int64_t extent = x[axis];
  const auto sizes = n.attrs->integers("sizes");
  const auto count = static_cast<std::int64_t>(outputs);
  violation wrong{rule::element_count, dims{x[axis]}, dims{static_cast<std::int32_t>(outputs)}};
  std::int64_t at = 0, size = 0;
  if (Unpack || sizes.empty()) {
    if (count == 0 || (Unpack ? extent != count : extent % count != 0)) return {wrong};
    size = extent / count;
    at = size * static_cast<std::int64_t>(index);
  } else {
    if (sizes.size() != outputs) return {wrong};
    std::int64_t total = 0;
    bool open = false;
    for (std::int64_t v : sizes) {
      if (v == -1 && !open)
        open = true;
      else if (v < 0 || v > extent)
        return {violation{rule::value, dims{0, x[axis]}, dims{static_cast<std::int32_t>(v)}}};
      else
        total += v;
    }
    if (open ? total > extent : total != extent) return {wrong};
    for (std::size_t i = 0; i <= index; ++i) {
      at += size;
      size = sizes[i] == -1 ? extent - total : sizes[i];
    }
  }
  dims begin, part = x;
  for (int i = 0; i < x.rank; ++i) begin.push_back(i == axis ? static_cast<std::int32_t>(at) : 0);
  part[axis] = static_cast<std::int32_t>(size);
  piece p{{}, move_slice(x, begin, part)};
  if (Unpack) {
    dims y;
    for (int i = 0; i < x.rank; ++i)
      if (i != axis) y.push_back(x[i]);
    p.move.shape = y;
  }
  return p;
}
template <bool Unpack> constexpr status pieces_shape(const node_view& n, std::span<dims> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const piece p = piece_of<Unpack>(n, out.size(), i);
    if (p.broken) return p.broken;
    out[i] = p.move.shape;
  }
  return unit{};
}
constexpr void pieces_memory(const node_view& n, node_memory& to) {
  to.make<movement_params>();
  to.array<strided_copy>(n.out.size());
}
#if OCTET_HAS_DEFINITIONS
template <bool Unpack> status pieces_prepare(const node_view& n, prepared& to) {
  auto& p = to.make<movement_params>(&reference::movement_kernel);
  p.type = n.in[0].type;
  p.outputs = n.out.size();
  auto c = to.array<strided_copy>(p.outputs);
  for (std::size_t i = 0; i < p.outputs; ++i) {
    const piece part = piece_of<Unpack>(n, p.outputs, i);
    if (part.broken) return part.broken;
    c[i] = part.move.copy;
  }
  p.copies = c.data();
  return unit{};
}
#else
template <bool Unpack> status pieces_prepare(const node_view& n, prepared& to);
#endif

/// Axis i of the output is axis perm[i] of the input.
struct perm_keys {
  static constexpr attribute_key keys[] = {{"perm", attribute_value::kind::integers}};
};
/// First element and extent of each axis; extent -1: the rest.
struct slice_keys {
  static constexpr attribute_key keys[] = {{"begin", attribute_value::kind::integers},
                                           {"size", attribute_value::kind::integers}};
};
/// How often each axis is repeated.
struct tile_keys {
  static constexpr attribute_key keys[] = {{"multiples", attribute_value::kind::integers}};
};
/// Pixels of a block along each axis.
struct space_to_depth_keys {
  static constexpr attribute_key keys[] = {{"block_size", attribute_value::kind::integer}};
};
/// crd: the block index is inside the channel (ONNX's mode CRD).
struct depth_to_space_keys {
  static constexpr attribute_key keys[] = {{"block_size", attribute_value::kind::integer},
                                           {"crd", attribute_value::kind::integer}};
};
/// Pixels of a block along each spatial axis.
struct block_keys {
  static constexpr attribute_key keys[] = {{"block_shape", attribute_value::kind::integers}};
};
/// Extents of the pieces along the axis, one of which may be -1: the rest; none: equal ones.
struct split_keys {
  static constexpr attribute_key keys[] = {{"axis", attribute_value::kind::integer},
                                           {"sizes", attribute_value::kind::integers}};
};
inline constexpr op_def transpose{
    .name = "transpose",
    .summary = "axes in another order",
    .forms = movement_forms,
    .kernel = kernel_id::movement,
    .attributes = keys_of<perm_keys>,
    .shape = &movement_shape<&transpose_rule>,
    .memory = &movement_memory<&transpose_rule>,
    .prepare = &movement_prepare<&transpose_rule, kernel_id::movement>,
};
inline constexpr op_def slice{
    .name = "slice",
    .summary = "a block of a tensor",
    .forms = movement_forms,
    .attributes = keys_of<slice_keys>,
    .shape = &movement_shape<&slice_rule>,
    .memory = &movement_memory<&slice_rule>,
    .prepare = &movement_prepare<&slice_rule>,
};
inline constexpr op_def strided_slice{
    .name = "strided_slice",
    .summary = "a block of a tensor, by steps",
    .forms = movement_forms,
    .attributes = keys_of<strided_slice_attrs>,
    .shape = &movement_shape<&strided_slice_rule>,
    .memory = &movement_memory<&strided_slice_rule>,
    .prepare = &movement_prepare<&strided_slice_rule>,
};
inline constexpr op_def tile{
    .name = "tile",
    .summary = "repetitions along axes",
    .forms = movement_forms,
    .attributes = keys_of<tile_keys>,
    .shape = &movement_shape<&tile_rule>,
    .memory = &movement_memory<&tile_rule>,
    .prepare = &movement_prepare<&tile_rule>,
};
inline constexpr op_def reverse{
    .name = "reverse",
    .summary = "axes backwards",
    .forms = movement_forms,
    .attributes = keys_of<axes_keys>,
    .shape = &movement_shape<&reverse_rule>,
    .memory = &movement_memory<&reverse_rule>,
    .prepare = &movement_prepare<&reverse_rule>,
};
inline constexpr op_def broadcast_to{
    .name = "broadcast_to",
    .summary = "repetitions along axes of extent 1",
    .forms = movement_forms,
    .attributes = keys_of<shape_keys>,
    .shape = &movement_shape<&broadcast_to_rule>,
    .memory = &movement_memory<&broadcast_to_rule>,
    .prepare = &movement_prepare<&broadcast_to_rule>,
};
inline constexpr op_def space_to_depth{
    .name = "space_to_depth",
    .summary = "blocks of pixels as channels",
    .forms = movement_forms,
    .attributes = keys_of<space_to_depth_keys>,
    .shape = &movement_shape<&space_to_depth_rule>,
    .memory = &movement_memory<&space_to_depth_rule>,
    .prepare = &movement_prepare<&space_to_depth_rule>,
};
inline constexpr op_def depth_to_space{
    .name = "depth_to_space",
    .summary = "channels as blocks of pixels",
    .forms = movement_forms,
    .attributes = keys_of<depth_to_space_keys>,
    .shape = &movement_shape<&depth_to_space_rule>,
    .memory = &movement_memory<&depth_to_space_rule>,
    .prepare = &movement_prepare<&depth_to_space_rule>,
};
inline constexpr op_def space_to_batch{
    .name = "space_to_batch",
    .summary = "blocks of pixels as images",
    .forms = movement_forms,
    .attributes = keys_of<block_keys>,
    .shape = &movement_shape<&space_to_batch_rule>,
    .memory = &movement_memory<&space_to_batch_rule>,
    .prepare = &movement_prepare<&space_to_batch_rule>,
};
inline constexpr op_def batch_to_space{
    .name = "batch_to_space",
    .summary = "images as blocks of pixels",
    .forms = movement_forms,
    .attributes = keys_of<block_keys>,
    .shape = &movement_shape<&batch_to_space_rule>,
    .memory = &movement_memory<&batch_to_space_rule>,
    .prepare = &movement_prepare<&batch_to_space_rule>,
};
inline constexpr op_def split{
    .name = "split",
    .summary = "pieces of an axis",
    .outputs = -1,
    .forms = movement_forms,
    .attributes = keys_of<split_keys>,
    .shape = &pieces_shape<false>,
    .memory = &pieces_memory,
    .prepare = &pieces_prepare<false>,
};
inline constexpr op_def unpack{
    .name = "unpack",
    .summary = "slices of an axis",
    .outputs = -1,
    .forms = movement_forms,
    .attributes = keys_of<axis_keys>,
    .shape = &pieces_shape<true>,
    .memory = &pieces_memory,
    .prepare = &pieces_prepare<true>,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_MOVEMENT_HPP_
