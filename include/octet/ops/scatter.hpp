// Operators that write at positions given as data: scatter_nd, sparse_to_dense,
// dynamic_update_slice, matrix_set_diag, segment_reduce; and those that read from such positions:
// dynamic_slice, reverse_sequence, bucketize.
#ifndef OCTET_OPS_SCATTER_HPP_
#define OCTET_OPS_SCATTER_HPP_

#include <algorithm>

#include "octet/ops/gather.hpp"

OCTET_NAMESPACE_BEGIN

namespace reference {
/// Element i of int32 or int64 positions.
constexpr std::int64_t position(const void* list, dtype type, std::size_t i) {
  return type == dtype::s32 ? static_cast<const std::int32_t*>(list)[i]
                            : static_cast<const std::int64_t*>(list)[i];
}
}  // namespace reference

// ---- scatter_nd, sparse_to_dense ----

struct scatter_attrs {
  dims shape{};  // of the result
  static constexpr auto fields = field_list{field{"shape", &scatter_attrs::shape}};
};
/// indices [..., k]: each last row names a position along the first k axes of the result, to which
/// the row of `updates` there goes. scatter_nd: rows of one position are added (integers wrap,
/// bools join), the rest is 0. sparse_to_dense: one value for all positions or one each, the last
/// one stays; the rest is the default. Positions outside are left out: TFLite refuses them.
struct scatter_params {
  std::size_t rows = 0, k = 0, inner = 0, count = 0;  // inner: elements of a row; count: all
  dims shape{};
  dtype type = dtype::f32, index_type = dtype::s32;
  bool adds = false, repeats = false;  // repeats: one value for all positions
};
constexpr shape_or scatter_shape(const scatter_attrs& a, const dims& index, const dims& updates,
                                 bool one_value) {
  for (const std::int32_t e : a.shape)
    if (e < 0) return violation{rule::value, dims{0}, a.shape};
  const std::int32_t k = index.rank == 0 ? 1 : index.back(0);
  if (k < 1 || k > a.shape.rank) return violation{rule::rank, a.shape, index};
  if (one_value && updates.elements().value == 1) return a.shape;
  dims want;
  for (int i = 0; i + 1 < index.rank; ++i) want.push_back(index[i]);
  if (want.rank + a.shape.rank - k > dims::max_rank)
    return violation{rule::rank, dims{0, 0, 0, 0, 0, 0, 0, 0}, index};
  for (int i = k; i < a.shape.rank; ++i) want.push_back(a.shape[i]);
  if (!(updates == want) && !(one_value && updates.elements().value == want.elements().value))
    return violation{rule::shapes_differ, want, updates};
  return a.shape;
}
namespace reference {
template <class T> constexpr T joined(T a, T b) {
  if constexpr (std::is_same_v<T, bool>)
    return a || b;
  else if constexpr (std::is_floating_point_v<T>)
    return numerics::add(a, b);
  else
    return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
template <class T>
constexpr void scatter(const scatter_params& p, const void* index, const T* updates, T rest, T* y) {
  for (std::size_t i = 0; i < p.count; ++i) y[i] = rest;
  for (std::size_t r = 0; r < p.rows; ++r) {
    std::int64_t at = 0;
    bool inside = true;
    for (std::size_t i = 0; i < p.k; ++i) {
      const std::int64_t v = position(index, p.index_type, r * p.k + i),
                         extent = p.shape[static_cast<int>(i)];
      inside &= v >= 0 && v < extent;
      at = at * extent + (inside ? v : 0);
    }
    if (!inside) continue;
    for (std::size_t i = 0; i < p.inner; ++i) {
      T& to = y[as_size(at) * p.inner + i];
      const T v = updates[p.repeats ? 0 : r * p.inner + i];
      to = p.adds ? joined(to, v) : v;
    }
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void scatter_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const scatter_params*>(a.params);
  const auto run = [&]<class T>(type_tag<T>) {
    scatter(p, a.in[0], static_cast<const T*>(a.in[1]),
            a.in[2] ? *static_cast<const T*>(a.in[2]) : T{}, static_cast<T*>(a.out[0]));
  };
  if (p.type == dtype::boolean)
    run(type_tag<bool>{});
  else
    with_number(p.type, run);
}
#else
void scatter_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference
namespace ops {
template <bool Adds> constexpr status scatter_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, scatter_shape(read_attributes<scatter_attrs>(*n.attrs), n.in[0].shape,
                                      n.in[1].shape, !Adds));
}
#if OCTET_HAS_DEFINITIONS
template <bool Adds> status scatter_prepare(const node_view& n, prepared& to) {
  if (!Adds && n.in[2].shape.elements().value != 1)
    return invalid("default value", to_string(n.in[2].shape), "one element");
  auto& p = to.make<scatter_params>(&reference::scatter_kernel);
  const dims &index = n.in[0].shape, &y = n.out[0].shape;
  p.shape = y;
  p.type = n.out[0].type, p.index_type = n.in[0].type;
  p.k = as_size(index.rank == 0 ? 1 : index.back(0));
  p.rows = index.elements().value / p.k;
  p.count = y.elements().value;
  p.inner = 1;
  for (int i = static_cast<int>(p.k); i < y.rank; ++i) p.inner *= as_size(y[i]);
  p.adds = Adds;
  p.repeats = !Adds && n.in[1].shape.elements().value == 1;
  return unit{};
}
#else
template <bool Adds> status scatter_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form scatter_forms[] = {
    {.in = {accumulator_types, number_types | dtype::boolean, like(1)}, .out = {like(1)}},
};
inline constexpr op_def scatter_nd{
    .name = "scatter_nd",
    .summary = "rows added up at positions of a tensor of zeros",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = scatter_forms,
    .attributes = keys_of<scatter_attrs>,
    .shape = &scatter_op_shape<true>,
    .memory = &params_only<scatter_params>,
    .prepare = &scatter_prepare<true>,
};
inline constexpr op_def sparse_to_dense{
    .name = "sparse_to_dense",
    .summary = "values at positions, a default elsewhere",
    .min_inputs = 3,
    .max_inputs = 3,
    .forms = scatter_forms,
    .attributes = keys_of<scatter_attrs>,
    .shape = &scatter_op_shape<false>,
    .memory = &params_only<scatter_params>,
    .prepare = &scatter_prepare<false>,
};
}  // namespace ops

// ---- dynamic_update_slice, dynamic_slice ----

/// A box within a larger one; its corner is data. It is moved so that it lies inside.
struct box_params {
  std::int32_t rank = 0;
  dims outer{}, inner{}, strides{};  // strides: dynamic_slice
  std::int32_t begin_mask = 0;       // bit i: axis i begins at its own end, whatever is given
  bool from_end = false;             // negative positions count from the end, else they are 0
  std::size_t element = 1;           // bytes
  dtype index_type = dtype::s32;
};
struct dynamic_slice_attrs {
  dims size{}, strides{};  // of the result; no strides: 1
  std::int32_t begin_mask = 0;
  static constexpr auto fields = field_list{field{"size", &dynamic_slice_attrs::size},
                                            field{"strides", &dynamic_slice_attrs::strides},
                                            field{"begin_mask", &dynamic_slice_attrs::begin_mask}};
};
/// Inputs: x, positions [rank]. Negative ones count from the end.
constexpr shape_or dynamic_slice_shape(const dynamic_slice_attrs& a, const dims& x,
                                       const dims& begin) {
  if (a.size.rank != x.rank || (a.strides.rank != 0 && a.strides.rank != x.rank))
    return violation{rule::rank, x, a.size};
  if (begin.elements().value != as_size(x.rank))
    return violation{rule::element_count, dims{x.rank}, begin};
  for (int i = 0; i < x.rank; ++i) {
    const std::int64_t stride = a.strides.rank == 0 ? 1 : a.strides[i],
                       reach = (a.size[i] - std::int64_t{1}) * (stride < 0 ? -stride : stride) + 1;
    if (stride == 0) return violation{rule::stride, dims{1}, a.strides};
    if (a.size[i] < 0 || (a.size[i] > 0 && reach > x[i])) return violation{rule::value, x, a.size};
  }
  return a.size;
}
namespace reference {
/// Where the box begins: its corner's offset in elements of the outer tensor.
constexpr std::int64_t corner(const box_params& p, const void* begin) {
  std::int64_t at = 0;
  for (std::int32_t i = 0; i < p.rank; ++i) {
    const std::int64_t extent = p.outer[i], stride = p.strides[i],
                       reach = p.inner[i] == 0 ? 0 : (p.inner[i] - std::int64_t{1}) * stride;
    const std::int64_t low = stride < 0 ? -reach : 0,
                       high = stride < 0 ? extent - 1 : extent - (p.inner[i] == 0 ? 0 : reach + 1);
    std::int64_t b = position(begin, p.index_type, as_size(i));
    if (p.begin_mask >> i & 1)
      b = stride < 0 ? extent - 1 : 0;
    else if (b < 0 && p.from_end)
      b += extent;
    b = b > high ? high : b;
    at = at * extent + (b < low ? low : b);
  }
  return at;
}
/// Calls f(offset in the outer tensor, offset in the box) for each row of the box, in elements.
template <class F> constexpr void for_each_row(const box_params& p, std::int64_t from, F&& f) {
  const auto s = strides_of(p.outer);
  const std::size_t count = p.inner.elements().value;
  if (count == 0) return;
  const std::size_t row = p.rank == 0 ? 1 : as_size(p.inner[p.rank - 1]);
  dims at;
  at.rank = p.rank;
  for (std::size_t done = 0; done < count; done += row) {
    f(from, done, row);
    for (std::int32_t i = p.rank - 2; i >= 0; --i) {
      from += s[i] * p.strides[i];
      if (++at[i] < p.inner[i]) break;
      from -= s[i] * p.strides[i] * p.inner[i];
      at[i] = 0;
    }
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void dynamic_slice_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const box_params*>(a.params);
  const auto* x = static_cast<const std::byte*>(a.in[0]);
  auto* y = static_cast<std::byte*>(a.out[0]);
  const std::int64_t step = p.rank == 0 ? 1 : p.strides[p.rank - 1];
  for_each_row(p, corner(p, a.in[1]), [&](std::int64_t from, std::size_t to, std::size_t n) {
    if (step == 1) {
      std::memcpy(y + to * p.element, x + as_size(from) * p.element, n * p.element);
      return;
    }
    for (std::size_t i = 0; i < n; ++i)
      std::memcpy(y + (to + i) * p.element,
                  x + as_size(from + static_cast<std::int64_t>(i) * step) * p.element, p.element);
  });
}
OCTET_INLINE void dynamic_update_slice_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const box_params*>(a.params);
  const auto* update = static_cast<const std::byte*>(a.in[1]);
  auto* y = static_cast<std::byte*>(a.out[0]);
  std::memcpy(y, a.in[0], p.outer.elements().value * p.element);
  for_each_row(p, corner(p, a.in[2]), [&](std::int64_t to, std::size_t from, std::size_t n) {
    std::memcpy(y + as_size(to) * p.element, update + from * p.element, n * p.element);
  });
}
#else
void dynamic_slice_kernel(const kernel_args& a) noexcept;
void dynamic_update_slice_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference
namespace ops {
constexpr status dynamic_slice_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, dynamic_slice_shape(read_attributes<dynamic_slice_attrs>(*n.attrs),
                                            n.in[0].shape, n.in[1].shape));
}
constexpr status dynamic_update_slice_op_shape(const node_view& n, std::span<dims> out) {
  dynamic_slice_attrs a;
  a.size = n.in[1].shape;
  const shape_or s = dynamic_slice_shape(a, n.in[0].shape, n.in[2].shape);
  if (s.broken) return s.broken;
  out[0] = n.in[0].shape;
  return unit{};
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void set_box(box_params& p, const dims& outer, const dims& inner, dtype type,
                          dtype index_type) {
  p.rank = outer.rank;
  p.outer = outer, p.inner = inner;
  for (int i = 0; i < outer.rank; ++i) p.strides.push_back(1);
  p.element = size_of(type), p.index_type = index_type;
}
OCTET_INLINE status dynamic_slice_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<dynamic_slice_attrs>(*n.attrs);
  auto& p = to.make<box_params>(&reference::dynamic_slice_kernel);
  set_box(p, n.in[0].shape, n.out[0].shape, n.in[0].type, n.in[1].type);
  if (a.strides.rank != 0) p.strides = a.strides;
  p.begin_mask = a.begin_mask;
  p.from_end = true;
  return unit{};
}
OCTET_INLINE status dynamic_update_slice_prepare(const node_view& n, prepared& to) {
  auto& p = to.make<box_params>(&reference::dynamic_update_slice_kernel);
  set_box(p, n.in[0].shape, n.in[1].shape, n.in[0].type, n.in[2].type);
  return unit{};
}
#else
status dynamic_slice_prepare(const node_view& n, prepared& to);
status dynamic_update_slice_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form dynamic_update_slice_forms[] = {
    {.in = {all_types, like(0), accumulator_types}, .out = {like(0)}},
};
inline constexpr op_def dynamic_slice{
    .name = "dynamic_slice",
    .summary = "a part of fixed size at positions given as data",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = gather_forms,
    .attributes = keys_of<dynamic_slice_attrs>,
    .shape = &dynamic_slice_op_shape,
    .memory = &params_only<box_params>,
    .prepare = &dynamic_slice_prepare,
};
inline constexpr op_def dynamic_update_slice{
    .name = "dynamic_update_slice",
    .summary = "a tensor with a part replaced, at positions given as data",
    .min_inputs = 3,
    .max_inputs = 3,
    .forms = dynamic_update_slice_forms,
    .attributes = keys_of<>,
    .shape = &dynamic_update_slice_op_shape,
    .memory = &params_only<box_params>,
    .prepare = &dynamic_update_slice_prepare,
};
}  // namespace ops

// ---- reverse_sequence ----

struct reverse_sequence_attrs {
  std::int32_t axis = 0, batch_axis = 0;  // may be negative
  static constexpr auto fields =
      field_list{field{"axis", &reverse_sequence_attrs::axis},
                 field{"batch_axis", &reverse_sequence_attrs::batch_axis}};
};
/// Inputs: x, lengths [extent of batch_axis]. The first `length` elements along `axis` change their
/// order, those behind stay.
struct reverse_sequence_params {
  dims x{};
  std::int32_t axis = 0, batch_axis = 0;
  dtype type = dtype::u8, length_type = dtype::s32;
};
constexpr shape_or reverse_sequence_shape(const reverse_sequence_attrs& a, const dims& x,
                                          const dims& lengths) {
  const std::int32_t axis = a.axis < 0 ? a.axis + x.rank : a.axis,
                     batch = a.batch_axis < 0 ? a.batch_axis + x.rank : a.batch_axis;
  if (axis < 0 || axis >= x.rank || batch < 0 || batch >= x.rank || axis == batch)
    return violation{rule::axis, x, dims{a.axis, a.batch_axis}};
  if (!(lengths == dims{x[batch]})) return violation{rule::shapes_differ, dims{x[batch]}, lengths};
  return x;
}
namespace reference {
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void reverse_sequence_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const reverse_sequence_params*>(a.params);
  const auto s = strides_of(p.x);
  const std::int64_t extent = p.x[p.axis], step = s[p.axis], batches = p.x[p.batch_axis],
                     batch_step = s[p.batch_axis];
  const auto r = part_of(p.x.elements().value, a.part, a.parts);
  with_size(p.type, [&]<class T>(type_tag<T>) {
    for (std::size_t i = r.begin; i < r.end; ++i) {
      const auto at = static_cast<std::int64_t>(i), k = at / step % extent;
      const std::int64_t length =
          position(a.in[1], p.length_type, as_size(at / batch_step % batches));
      const std::int64_t n = length > extent ? extent : length, from = k < n ? n - 1 - k : k;
      static_cast<T*>(a.out[0])[i] =
          static_cast<const T*>(a.in[0])[as_size(at + (from - k) * step)];
    }
  });
}
#else
void reverse_sequence_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference
namespace ops {
constexpr status reverse_sequence_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, reverse_sequence_shape(read_attributes<reverse_sequence_attrs>(*n.attrs),
                                               n.in[0].shape, n.in[1].shape));
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status reverse_sequence_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<reverse_sequence_attrs>(*n.attrs);
  auto& p = to.make<reverse_sequence_params>(&reference::reverse_sequence_kernel);
  p.x = n.in[0].shape;
  p.axis = a.axis < 0 ? a.axis + p.x.rank : a.axis;
  p.batch_axis = a.batch_axis < 0 ? a.batch_axis + p.x.rank : a.batch_axis;
  p.type = n.in[0].type, p.length_type = n.in[1].type;
  return unit{};
}
#else
status reverse_sequence_prepare(const node_view& n, prepared& to);
#endif
inline constexpr op_def reverse_sequence{
    .name = "reverse_sequence",
    .summary = "the first elements of each sequence backwards",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = gather_forms,
    .attributes = keys_of<reverse_sequence_attrs>,
    .shape = &reverse_sequence_op_shape,
    .memory = &params_only<reverse_sequence_params>,
    .prepare = &reverse_sequence_prepare,
};
}  // namespace ops

// ---- matrix_set_diag ----

/// Inputs: x [..., M, N], diagonal [..., min(M, N)].
struct matrix_set_diag_params {
  std::size_t matrices = 1, rows = 0, columns = 0;
  dtype type = dtype::u8;
};
constexpr shape_or matrix_set_diag_shape(const dims& x, const dims& diagonal) {
  if (x.rank < 2 || diagonal.rank != x.rank - 1) return violation{rule::rank, x, diagonal};
  dims want = x;
  want.rank -= 1;
  want[want.rank - 1] = std::min(x.back(0), x.back(1));
  if (!(diagonal == want)) return violation{rule::shapes_differ, want, diagonal};
  return x;
}
namespace reference {
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void matrix_set_diag_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const matrix_set_diag_params*>(a.params);
  const std::size_t size = p.rows * p.columns, n = std::min(p.rows, p.columns);
  with_size(p.type, [&]<class T>(type_tag<T>) {
    const auto *x = static_cast<const T*>(a.in[0]), *d = static_cast<const T*>(a.in[1]);
    auto* y = static_cast<T*>(a.out[0]);
    std::copy_n(x, p.matrices * size, y);
    for (std::size_t m = 0; m < p.matrices; ++m)
      for (std::size_t i = 0; i < n; ++i) y[m * size + i * p.columns + i] = d[m * n + i];
  });
}
#else
void matrix_set_diag_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference
namespace ops {
constexpr status matrix_set_diag_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, matrix_set_diag_shape(n.in[0].shape, n.in[1].shape));
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status matrix_set_diag_prepare(const node_view& n, prepared& to) {
  auto& p = to.make<matrix_set_diag_params>(&reference::matrix_set_diag_kernel);
  const dims& x = n.in[0].shape;
  p.type = n.in[0].type;
  p.rows = as_size(x.back(1)), p.columns = as_size(x.back(0));
  for (int i = 0; i + 2 < x.rank; ++i) p.matrices *= as_size(x[i]);
  return unit{};
}
#else
status matrix_set_diag_prepare(const node_view& n, prepared& to);
#endif
inline constexpr op_def matrix_set_diag{
    .name = "matrix_set_diag",
    .summary = "matrices with another diagonal",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = movement_forms,
    .attributes = keys_of<>,
    .shape = &matrix_set_diag_op_shape,
    .memory = &params_only<matrix_set_diag_params>,
    .prepare = &matrix_set_diag_prepare,
};
}  // namespace ops

// ---- segment_reduce ----

enum class segment_reduction : std::uint8_t { sum = 0, product, least, most };
struct segment_reduce_attrs {
  std::int32_t segments = 0;
  segment_reduction reduction = segment_reduction::sum;
  static constexpr auto fields = field_list{field{"segments", &segment_reduce_attrs::segments},
                                            field{"reduction", &segment_reduce_attrs::reduction}};
};
/// Inputs: x, ids of the shape of x's first axes. Slices of one id are reduced in their order; a
/// segment without any holds 0, 1, the highest or the lowest value. Ids outside are left out.
struct segment_reduce_params {
  std::size_t ids = 0, inner = 0;
  std::int32_t segments = 0;
  segment_reduction reduction = segment_reduction::sum;
  dtype type = dtype::f32, id_type = dtype::s32;
};
constexpr shape_or segment_reduce_shape(const segment_reduce_attrs& a, const dims& x,
                                        const dims& ids) {
  if (a.segments < 0) return violation{rule::value, dims{0}, dims{a.segments}};
  if (ids.rank < 1 || ids.rank > x.rank) return violation{rule::rank, x, ids};
  for (int i = 0; i < ids.rank; ++i)
    if (ids[i] != x[i]) return violation{rule::shapes_differ, x, ids};
  dims y{a.segments};
  for (int i = ids.rank; i < x.rank; ++i) y.push_back(x[i]);
  return y;
}
namespace reference {
template <class T> constexpr T reduced(segment_reduction how, T a, T b) {
  switch (how) {
    case segment_reduction::sum: return joined(a, b);
    case segment_reduction::product:
      if constexpr (std::is_floating_point_v<T>)
        return numerics::mul(a, b);
      else
        return static_cast<T>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
    case segment_reduction::least: return b < a ? b : a;
    case segment_reduction::most: return b > a ? b : a;
  }
  return a;
}
template <class T> constexpr T without_any(segment_reduction how) {
  switch (how) {
    case segment_reduction::sum: return T{};
    case segment_reduction::product: return T{1};
    case segment_reduction::least: return std::numeric_limits<T>::max();
    case segment_reduction::most: return std::numeric_limits<T>::lowest();
  }
  return T{};
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void segment_reduce_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const segment_reduce_params*>(a.params);
  with_number(p.type, [&]<class T>(type_tag<T>) {
    const auto* x = static_cast<const T*>(a.in[0]);
    auto* y = static_cast<T*>(a.out[0]);
    std::fill_n(y, as_size(p.segments) * p.inner, without_any<T>(p.reduction));
    for (std::size_t r = 0; r < p.ids; ++r) {
      const std::int64_t id = position(a.in[1], p.id_type, r);
      if (id < 0 || id >= p.segments) continue;
      T* to = y + as_size(id) * p.inner;
      for (std::size_t i = 0; i < p.inner; ++i)
        to[i] = reduced(p.reduction, to[i], x[r * p.inner + i]);
    }
  });
}
#else
void segment_reduce_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference
namespace ops {
constexpr status segment_reduce_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, segment_reduce_shape(read_attributes<segment_reduce_attrs>(*n.attrs),
                                             n.in[0].shape, n.in[1].shape));
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status segment_reduce_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<segment_reduce_attrs>(*n.attrs);
  if (a.reduction > segment_reduction::most)
    return invalid("reduction", std::to_string(static_cast<int>(a.reduction)), "0 to 3");
  auto& p = to.make<segment_reduce_params>(&reference::segment_reduce_kernel);
  p.type = n.in[0].type, p.id_type = n.in[1].type;
  p.ids = n.in[1].shape.elements().value;
  p.inner = 1;
  for (int i = n.in[1].shape.rank; i < n.in[0].shape.rank; ++i)
    p.inner *= as_size(n.in[0].shape[i]);
  p.segments = a.segments, p.reduction = a.reduction;
  return unit{};
}
#else
status segment_reduce_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form segment_reduce_forms[] = {
    {.in = {arithmetic_types, accumulator_types}, .out = {like(0)}},
};
inline constexpr op_def segment_reduce{
    .name = "segment_reduce",
    .summary = "slices of one id reduced to one",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = segment_reduce_forms,
    .attributes = keys_of<segment_reduce_attrs>,
    .shape = &segment_reduce_op_shape,
    .memory = &params_only<segment_reduce_params>,
    .prepare = &segment_reduce_prepare,
};
}  // namespace ops

// ---- bucketize ----

/// Inputs: x, boundaries float32 [n] in rising order. The number of boundaries that are not above
/// the element.
struct bucketize_params {
  std::size_t count = 0, boundaries = 0;
  dtype type = dtype::f32;
};
namespace reference {
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void bucketize_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const bucketize_params*>(a.params);
  const auto r = part_of(p.count, a.part, a.parts);
  const auto* b = static_cast<const float*>(a.in[1]);
  with_number(p.type, [&]<class T>(type_tag<T>) {
    for (std::size_t i = r.begin; i < r.end; ++i) {
      // The framework compares the boundaries, which are float32, with the element as C++ does.
      const T v = static_cast<const T*>(a.in[0])[i];
      std::size_t low = 0, high = p.boundaries;
      while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (static_cast<float>(v) < b[middle])
          high = middle;
        else
          low = middle + 1;
      }
      static_cast<std::int32_t*>(a.out[0])[i] = static_cast<std::int32_t>(low);
    }
  });
}
#else
void bucketize_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference
namespace ops {
constexpr status bucketize_op_shape(const node_view& n, std::span<dims> out) {
  if (n.in[1].shape.rank != 1) return violation{rule::rank, dims{1}, n.in[1].shape};
  out[0] = n.in[0].shape;
  return unit{};
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status bucketize_prepare(const node_view& n, prepared& to) {
  auto& p = to.make<bucketize_params>(&reference::bucketize_kernel);
  p.count = n.in[0].shape.elements().value;
  p.boundaries = n.in[1].shape.elements().value;
  p.type = n.in[0].type;
  return unit{};
}
#else
status bucketize_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form bucketize_forms[] = {
    {.in = {arithmetic_types, dtype::f32}, .out = {dtype::s32}},
};
inline constexpr op_def bucketize{
    .name = "bucketize",
    .summary = "which of the ranges between boundaries an element lies in",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = bucketize_forms,
    .attributes = keys_of<>,
    .shape = &bucketize_op_shape,
    .memory = &params_only<bucketize_params>,
    .prepare = &bucketize_prepare,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_SCATTER_HPP_
