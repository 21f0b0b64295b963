// Operators that look elements up or count them out: gather, gather_nd, one_hot, arg_max, arg_min,
// topk, cumsum.
#ifndef OCTET_OPS_GATHER_HPP_
#define OCTET_OPS_GATHER_HPP_

#include "octet/numerics/fp.hpp"
#include "octet/numerics/selection.hpp"
#include "octet/ops/movement.hpp"
#include "octet/ops/work.hpp"

OCTET_NAMESPACE_BEGIN

/// f(type_tag<T>) for the numbers that compare: float32 and integers.
template <class F> constexpr bool with_number(dtype t, F&& f) {
  if (t == dtype::f32) return f(type_tag<float>{}), true;
  return with_integer(t, f);
}

// ---- gather ----

struct gather_attrs {
  std::int32_t axis = 0, batch_dims = 0;  // may be negative
  static constexpr auto fields = field_list{field{"axis", &gather_attrs::axis},
                                            field{"batch_dims", &gather_attrs::batch_dims}};
};
/// y[b][o][i] = x[b][o][index[b][i]] (rows of `inner` bytes). Negative indices count from the end;
/// others outside are clamped into range.
struct gather_params {
  std::size_t batch = 1, outer = 1, extent = 0, count = 0,
              inner = 0;  // count: indices per batch; inner: bytes
  dtype index_type = dtype::s32;
};
constexpr shape_or gather_shape(const gather_attrs& a, const dims& x, const dims& index) {
  const std::int32_t axis = a.axis < 0 ? a.axis + x.rank : a.axis,
                     batch = a.batch_dims < 0 ? a.batch_dims + index.rank : a.batch_dims;
  if (axis < 0 || axis >= x.rank || x[axis] < 1) return violation{rule::axis, x, dims{a.axis}};
  if (batch < 0 || batch > axis || batch > index.rank ||
      x.rank - 1 + index.rank - batch > dims::max_rank)
    return violation{rule::axis, dims{axis}, dims{a.batch_dims}};
  dims y;
  for (int i = 0; i < axis; ++i) {
    if (i < batch && x[i] != index[i]) return violation{rule::shapes_differ, x, index};
    y.push_back(x[i]);
  }
  for (int i = batch; i < index.rank; ++i) y.push_back(index[i]);
  for (int i = axis + 1; i < x.rank; ++i) y.push_back(x[i]);
  return y;
}
namespace reference {
constexpr std::size_t index_in(std::int64_t i, std::size_t extent) {
  const auto n = static_cast<std::int64_t>(extent);
  if (i < 0) i += n;
  return as_size(i < 0 ? 0 : i >= n ? n - 1 : i);
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void gather_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const gather_params*>(a.params);
  const auto* x = static_cast<const std::byte*>(a.in[0]);
  auto* y = static_cast<std::byte*>(a.out[0]);
  if (p.inner == 0) return;
  const auto run = [&](const auto* index) {
    for (std::size_t b = 0; b < p.batch; ++b)
      for (std::size_t o = 0; o < p.outer; ++o)
        for (std::size_t i = 0; i < p.count; ++i)
          std::memcpy(y + ((b * p.outer + o) * p.count + i) * p.inner,
                      x + ((b * p.outer + o) * p.extent +
                           index_in(static_cast<std::int64_t>(index[b * p.count + i]), p.extent)) *
                              p.inner,
                      p.inner);
  };
  if (p.index_type == dtype::s32)
    run(static_cast<const std::int32_t*>(a.in[1]));
  else
    run(static_cast<const std::int64_t*>(a.in[1]));
}
#else
void gather_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference
namespace ops {
constexpr status gather_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(
      out, gather_shape(read_attributes<gather_attrs>(*n.attrs), n.in[0].shape, n.in[1].shape));
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status gather_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<gather_attrs>(*n.attrs);
  const dims &x = n.in[0].shape, &index = n.in[1].shape;
  auto& p = to.make<gather_params>(&reference::gather_kernel);
  const std::int32_t axis = a.axis < 0 ? a.axis + x.rank : a.axis,
                     batch = a.batch_dims < 0 ? a.batch_dims + index.rank : a.batch_dims;
  p.index_type = n.in[1].type;
  p.extent = as_size(x[axis]);
  p.count = 1;
  p.inner = size_of(n.in[0].type);
  for (int i = 0; i < batch; ++i) p.batch *= as_size(x[i]);
  for (int i = batch; i < axis; ++i) p.outer *= as_size(x[i]);
  for (int i = batch; i < index.rank; ++i) p.count *= as_size(index[i]);
  for (int i = axis + 1; i < x.rank; ++i) p.inner *= as_size(x[i]);
  return unit{};
}
#else
status gather_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form gather_forms[] = {
    {.in = {all_types, accumulator_types}, .out = {like(0)}},
};
inline constexpr op_def gather{
    .name = "gather",
    .summary = "slices of an axis by index",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = gather_forms,
    .attributes = keys_of<gather_attrs>,
    .shape = &gather_op_shape,
    .memory = &params_only<gather_params>,
    .prepare = &gather_prepare,
};
}  // namespace ops

// ---- gather_nd ----

/// indices [..., k]: each last row names a position along the first k axes of x.
struct gather_nd_params {
  std::size_t count = 0, k = 0, inner = 0;  // rows, indices per row, bytes
  dims x;
  dtype index_type = dtype::s32;
};
constexpr shape_or gather_nd_shape(const dims& x, const dims& index) {
  if (index.rank < 1 || index.back(0) < 0 || index.back(0) > x.rank)
    return violation{rule::rank, x, index};
  const std::int32_t k = index.back(0);
  if (index.rank - 1 + x.rank - k > dims::max_rank)
    return violation{rule::rank, dims{0, 0, 0, 0, 0, 0, 0, 0}, index};
  dims y;
  for (int i = 0; i + 1 < index.rank; ++i) y.push_back(index[i]);
  for (int i = k; i < x.rank; ++i) y.push_back(x[i]);
  for (int i = 0; i < k; ++i)
    if (x[i] < 1) return violation{rule::element_count, dims{1}, x};
  return y;
}
namespace reference {
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void gather_nd_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const gather_nd_params*>(a.params);
  if (p.inner == 0) return;
  const auto run = [&](const auto* index) {
    for (std::size_t r = 0; r < p.count; ++r) {
      std::size_t at = 0;
      for (std::size_t i = 0; i < p.k; ++i) {
        const auto extent = as_size(p.x[static_cast<int>(i)]);
        at = at * extent + index_in(static_cast<std::int64_t>(index[r * p.k + i]), extent);
      }
      std::memcpy(static_cast<std::byte*>(a.out[0]) + r * p.inner,
                  static_cast<const std::byte*>(a.in[0]) + at * p.inner, p.inner);
    }
  };
  if (p.index_type == dtype::s32)
    run(static_cast<const std::int32_t*>(a.in[1]));
  else
    run(static_cast<const std::int64_t*>(a.in[1]));
}
#else
void gather_nd_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference
namespace ops {
constexpr status gather_nd_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, gather_nd_shape(n.in[0].shape, n.in[1].shape));
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status gather_nd_prepare(const node_view& n, prepared& to) {
  auto& p = to.make<gather_nd_params>(&reference::gather_nd_kernel);
  const dims &x = n.in[0].shape, &index = n.in[1].shape;
  p.x = x;
  p.index_type = n.in[1].type;
  p.k = as_size(index.back(0));
  p.count = 1;
  for (int i = 0; i + 1 < index.rank; ++i) p.count *= as_size(index[i]);
  p.inner = size_of(n.in[0].type);
  for (int i = index.back(0); i < x.rank; ++i) p.inner *= as_size(x[i]);
  return unit{};
}
#else
status gather_nd_prepare(const node_view& n, prepared& to);
#endif
inline constexpr op_def gather_nd{
    .name = "gather_nd",
    .summary = "slices by index tuples",
    .min_inputs = 2,
    .max_inputs = 2,
    .forms = gather_forms,
    .attributes = keys_of<>,
    .shape = &gather_nd_op_shape,
    .memory = &params_only<gather_nd_params>,
    .prepare = &gather_nd_prepare,
};
}  // namespace ops

// ---- one_hot ----

struct one_hot_attrs {
  std::int32_t depth = 0, axis = -1;
  static constexpr auto fields =
      field_list{field{"depth", &one_hot_attrs::depth}, field{"axis", &one_hot_attrs::axis}};
};
/// Inputs: indices, the value that marks (one element), the other value (one element). Indices
/// outside [0, depth) mark nothing.
struct one_hot_params {
  std::size_t outer = 1, inner = 1;
  std::int64_t depth = 0;
  dtype type = dtype::f32, index_type = dtype::s32;
};
constexpr shape_or one_hot_shape(const one_hot_attrs& a, const dims& index) {
  const std::int32_t axis = a.axis < 0 ? a.axis + index.rank + 1 : a.axis;
  if (index.rank >= dims::max_rank || axis < 0 || axis > index.rank)
    return violation{rule::axis, dims{index.rank}, dims{a.axis}};
  if (a.depth < 0) return violation{rule::value, dims{0}, dims{a.depth}};
  dims y;
  for (int i = 0; i <= index.rank; ++i) {
    if (i == axis) y.push_back(a.depth);
    if (i < index.rank) y.push_back(index[i]);
  }
  return y;
}
namespace reference {
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void one_hot_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const one_hot_params*>(a.params);
  with_size(p.type, [&]<class T>(type_tag<T>) {
    const T on = *static_cast<const T*>(a.in[1]), off = *static_cast<const T*>(a.in[2]);
    auto* y = static_cast<T*>(a.out[0]);
    for (std::size_t o = 0; o < p.outer; ++o)
      for (std::int64_t d = 0; d < p.depth; ++d)
        for (std::size_t i = 0; i < p.inner; ++i) {
          const std::size_t at = o * p.inner + i;
          const std::int64_t index = p.index_type == dtype::s32
                                         ? static_cast<const std::int32_t*>(a.in[0])[at]
                                         : static_cast<const std::int64_t*>(a.in[0])[at];
          y[(o * as_size(p.depth) + as_size(d)) * p.inner + i] = index == d ? on : off;
        }
  });
}
#else
void one_hot_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference
namespace ops {
constexpr status one_hot_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, one_hot_shape(read_attributes<one_hot_attrs>(*n.attrs), n.in[0].shape));
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status one_hot_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<one_hot_attrs>(*n.attrs);
  for (std::size_t i : {std::size_t{1}, std::size_t{2}}) {
    if (n.in[i].shape.elements().value != 1)
      return invalid("values of one_hot", to_string(n.in[i].shape), "one element each");
  }
  auto& p = to.make<one_hot_params>(&reference::one_hot_kernel);
  const dims& x = n.in[0].shape;
  const std::int32_t axis = a.axis < 0 ? a.axis + x.rank + 1 : a.axis;
  p.depth = a.depth;
  p.type = n.out[0].type, p.index_type = n.in[0].type;
  for (int i = 0; i < axis; ++i) p.outer *= as_size(x[i]);
  for (int i = axis; i < x.rank; ++i) p.inner *= as_size(x[i]);
  return unit{};
}
#else
status one_hot_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form one_hot_forms[] = {
    {.in = {accumulator_types, all_types, like(1)}, .out = {like(1)}},
};
inline constexpr op_def one_hot{
    .name = "one_hot",
    .summary = "a value at each index, another elsewhere",
    .min_inputs = 3,
    .max_inputs = 3,
    .forms = one_hot_forms,
    .attributes = keys_of<one_hot_attrs>,
    .shape = &one_hot_op_shape,
    .memory = &params_only<one_hot_params>,
    .prepare = &one_hot_prepare,
};
}  // namespace ops

// ---- arg_max, arg_min, cumsum ----

struct axis_attrs {
  std::int32_t axis = 0;
  bool keep_dims = false, exclusive = false,
       reverse = false;  // keep_dims: arg_max, arg_min; the others: cumsum
  bool wide = false,     // cumsum: float32 accumulates in binary64 (PyTorch)
      product = false;   // cumsum: products
  static constexpr auto fields = field_list{
      field{"axis", &axis_attrs::axis},           field{"keep_dims", &axis_attrs::keep_dims},
      field{"exclusive", &axis_attrs::exclusive}, field{"reverse", &axis_attrs::reverse},
      field{"wide", &axis_attrs::wide},           field{"product", &axis_attrs::product}};
};
/// x as [outer][extent][inner].
struct axis_params {
  std::size_t outer = 1, extent = 1, inner = 1;
  dtype type = dtype::f32, out_type = dtype::s32;
  bool least = false, exclusive = false, reverse = false, wide = false, product = false;
};
constexpr shape_or arg_shape(const axis_attrs& a, const dims& x) {
  const std::int32_t axis = a.axis < 0 ? a.axis + x.rank : a.axis;
  if (axis < 0 || axis >= x.rank || x[axis] < 1) return violation{rule::axis, x, dims{a.axis}};
  dims y;
  for (int i = 0; i < x.rank; ++i) {
    if (i != axis)
      y.push_back(x[i]);
    else if (a.keep_dims)
      y.push_back(1);
  }
  return y;
}
namespace reference {
/// The first of equal values wins. Small integers along the innermost axis: the value and the
/// reversed index in one number, whose maximum has no branch.
template <class T, class I> constexpr void arg_extreme(const axis_params& p, const T* x, I* y) {
  if constexpr (std::is_integral_v<T> && sizeof(T) <= 2) {
    if (p.inner == 1 && p.extent <= 65536) {
      for (std::size_t o = 0; o < p.outer; ++o, x += p.extent) {
        std::int64_t best = INT64_MIN;
        for (std::size_t k = 0; k < p.extent; ++k) {
          const std::int64_t v = p.least ? -std::int64_t{x[k]} : std::int64_t{x[k]},
                             key = v * 65536 + (65535 - static_cast<std::int64_t>(k));
          best = key > best ? key : best;
        }
        y[o] = static_cast<I>(65535 - (best & 65535));
      }
      return;
    }
  }
  for (std::size_t o = 0; o < p.outer; ++o)
    for (std::size_t i = 0; i < p.inner; ++i) {
      const T* at = x + o * p.extent * p.inner + i;
      std::size_t best = 0;
      for (std::size_t k = 1; k < p.extent; ++k)
        if (p.least ? at[k * p.inner] < at[best * p.inner] : at[k * p.inner] > at[best * p.inner])
          best = k;
      y[o * p.inner + i] = static_cast<I>(best);
    }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void arg_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const axis_params*>(a.params);
  with_number(p.type, [&]<class T>(type_tag<T>) {
    if (p.out_type == dtype::s32)
      arg_extreme(p, static_cast<const T*>(a.in[0]), static_cast<std::int32_t*>(a.out[0]));
    else
      arg_extreme(p, static_cast<const T*>(a.in[0]), static_cast<std::int64_t*>(a.out[0]));
  });
}
#else
void arg_kernel(const kernel_args& a) noexcept;
#endif
/// Running sums or products in the direction of the sum: of float32 with one rounding per step, in
/// A = double each is rounded once more as it is written; integers wrap.
template <class A, class T> constexpr void cumsum(const axis_params& p, const T* x, T* y) {
  for (std::size_t o = 0; o < p.outer; ++o)
    for (std::size_t i = 0; i < p.inner; ++i) {
      auto all = static_cast<A>(p.product ? 1 : 0);
      for (std::size_t k = 0; k < p.extent; ++k) {
        const std::size_t at = (o * p.extent + (p.reverse ? p.extent - 1 - k : k)) * p.inner + i;
        const auto v = static_cast<A>(x[at]);
        if (p.exclusive) y[at] = static_cast<T>(all);
        if constexpr (std::is_floating_point_v<A>) {
          all = p.product ? numerics::mul(all, v) : numerics::add(all, v);
        } else {
          const auto a = static_cast<std::uint64_t>(all), b = static_cast<std::uint64_t>(v);
          all = static_cast<A>(p.product ? a * b : a + b);
        }
        if (!p.exclusive) y[at] = static_cast<T>(all);
      }
    }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void cumsum_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const axis_params*>(a.params);
  const auto run = [&]<class A, class T>(type_tag<A>, type_tag<T>) {
    cumsum<A>(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]));
  };
  if (p.type == dtype::f32 && p.wide)
    run(type_tag<double>{}, type_tag<float>{});
  else if (p.type == dtype::f32)
    run(type_tag<float>{}, type_tag<float>{});
  else if (p.type == dtype::s32)
    run(type_tag<std::int32_t>{}, type_tag<std::int32_t>{});
  else
    run(type_tag<std::int64_t>{}, type_tag<std::int64_t>{});
}
#else
void cumsum_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference
namespace ops {
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void set_axis(axis_params& p, const axis_attrs& a, const node_view& n) {
  const dims& x = n.in[0].shape;
  const std::int32_t axis = a.axis < 0 ? a.axis + x.rank : a.axis;
  for (int i = 0; i < axis; ++i) p.outer *= as_size(x[i]);
  p.extent = as_size(x[axis]);
  for (int i = axis + 1; i < x.rank; ++i) p.inner *= as_size(x[i]);
  p.type = n.in[0].type, p.out_type = n.out[0].type;
  p.exclusive = a.exclusive, p.reverse = a.reverse;
  p.wide = a.wide, p.product = a.product;
}
#endif
constexpr status arg_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, arg_shape(read_attributes<axis_attrs>(*n.attrs), n.in[0].shape));
}
#if OCTET_HAS_DEFINITIONS
template <bool Least> status arg_prepare(const node_view& n, prepared& to) {
  auto& p = to.make<axis_params>(&reference::arg_kernel, kernel_id::arg_extreme);
  set_axis(p, read_attributes<axis_attrs>(*n.attrs), n);
  p.least = Least;
  return unit{};
}
#else
template <bool Least> status arg_prepare(const node_view& n, prepared& to);
#endif
constexpr status cumsum_op_shape(const node_view& n, std::span<dims> out) {
  auto a = read_attributes<axis_attrs>(*n.attrs);
  const dims& x = n.in[0].shape;
  if (a.axis < -x.rank || a.axis >= x.rank)
    return violation{rule::axis, dims{-x.rank, x.rank - 1}, dims{a.axis}};
  out[0] = x;
  return unit{};
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status cumsum_prepare(const node_view& n, prepared& to) {
  auto& p = to.make<axis_params>(&reference::cumsum_kernel, kernel_id::cumsum);
  set_axis(p, read_attributes<axis_attrs>(*n.attrs), n);
  return unit{};
}
#else
status cumsum_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form arg_forms[] = {
    {.in = {number_types}, .out = {accumulator_types}},
};
inline constexpr form cumsum_forms[] = {
    {.in = {arithmetic_types}, .out = {like(0)}},
};
inline constexpr op_def arg_max{
    .name = "arg_max",
    .summary = "index of the largest element along an axis",
    .forms = arg_forms,
    .kernel = kernel_id::arg_extreme,
    .attributes = keys_of<axis_attrs>,
    .shape = &arg_op_shape,
    .memory = &params_only<axis_params>,
    .prepare = &arg_prepare<false>,
};
inline constexpr op_def arg_min{
    .name = "arg_min",
    .summary = "index of the smallest element along an axis",
    .forms = arg_forms,
    .kernel = kernel_id::arg_extreme,
    .attributes = keys_of<axis_attrs>,
    .shape = &arg_op_shape,
    .memory = &params_only<axis_params>,
    .prepare = &arg_prepare<true>,
};
inline constexpr op_def cumsum{
    .name = "cumsum",
    .summary = "running sums or products along an axis",
    .forms = cumsum_forms,
    .kernel = kernel_id::cumsum,
    .attributes = keys_of<axis_attrs>,
    .shape = &cumsum_op_shape,
    .memory = &params_only<axis_params>,
    .prepare = &cumsum_prepare,
};
}  // namespace ops

// ---- topk ----

/// Which of equal elements come first, and where NaN stands.
enum class topk_order : std::uint8_t {
  by_index,           // by index: TFLite, ONNX
  stable,             // by index, NaN the largest: PyTorch's sort with stable=True
  introsort,          // as libstdc++'s sort leaves them, NaN the largest: PyTorch's sort
  selected,           // ... its partial_sort where 64 k <= n, else its nth_element and its sort of
                      // the first k - 1: PyTorch's topk
  selected_unsorted,  // ... without that sort: PyTorch's topk, sorted=False
};
inline constexpr std::int32_t topk_orders = 5;
struct topk_attrs {
  std::int32_t k = 1;
  bool smallest = false;
  topk_order order = topk_order::by_index;
  static constexpr auto fields =
      field_list{field{"k", &topk_attrs::k}, field{"smallest", &topk_attrs::smallest},
                 field{"order", &topk_attrs::order}};
};
/// Outputs: the k largest (or smallest) values of every innermost row, the first of them first;
/// their indices.
struct topk_params {
  std::size_t rows = 1, extent = 0, k = 0;
  dtype type = dtype::f32, index_type = dtype::s32;
  bool smallest = false;
  topk_order order = topk_order::by_index;
};
namespace reference {
template <class T> struct ranked {
  T value;
  std::int64_t index;
};
/// The largest k that needs no scratch.
inline constexpr std::int32_t most_searches = 16;
constexpr bool topk_searches(topk_order order, std::size_t k) noexcept {
  return order == topk_order::by_index && k <= as_size(most_searches);
}
template <class T> constexpr bool comes_before(T a, T b, bool smallest, bool nan_is_largest) {
  if constexpr (std::is_floating_point_v<T>) {
    const bool a_nan = nan_is_largest && numerics::is_nan(a),
               b_nan = nan_is_largest && numerics::is_nan(b);
    if (a_nan || b_nan) return smallest ? !a_nan : !b_nan;
  }
  return smallest ? a < b : a > b;
}
/// Selection by repeated search: the order of equal values is by index.
template <class T, class I>
constexpr void topk_by_search(const topk_params& p, const T* row, T* y, I* index) {
  const auto before = [&](T a, T b) { return comes_before(a, b, p.smallest, false); };
  T last{};
  std::size_t last_at = 0;
  for (std::size_t j = 0; j < p.k; ++j) {
    std::size_t best = p.extent;
    for (std::size_t i = 0; i < p.extent; ++i) {
      const bool left = j == 0 || before(last, row[i]) ||
                        (row[i] == last && i > last_at);  // comes after the one found last
      if (left && (best == p.extent || before(row[i], row[best]))) best = i;
    }
    if (best == p.extent) best = p.extent - 1;  // NaN in the row
    last = row[best];
    last_at = best;
    if (y) y[j] = last;
    if (index) index[j] = static_cast<I>(best);
  }
}
/// The same of a row without NaN, in one pass: the best so far stand in order.
template <class T, class I>
constexpr void topk_by_insertion(const topk_params& p, const T* row, T* y, I* index) {
  std::array<ranked<T>, as_size(most_searches)> best{};
  std::size_t n = 0;
  for (std::size_t i = 0; i < p.extent; ++i) {
    const T v = row[i];
    const auto worse = [&](std::size_t j) {
      return comes_before(v, best[j].value, p.smallest, false);
    };
    if (n == p.k && !worse(n - 1)) continue;
    std::size_t j = n < p.k ? n++ : n - 1;
    for (; j > 0 && worse(j - 1); --j) best[j] = best[j - 1];
    best[j] = {v, static_cast<std::int64_t>(i)};
  }
  for (std::size_t j = 0; j < p.k; ++j) {
    if (y) y[j] = best[j].value;
    if (index) index[j] = static_cast<I>(best[j].index);
  }
}
template <class T> constexpr bool has_nan(const T* row, std::size_t n) {
  if constexpr (std::is_floating_point_v<T>)
    for (std::size_t i = 0; i < n; ++i)
      if (numerics::is_nan(row[i])) return true;
  return false;
}
/// scratch: the elements of a row with their places.
template <class T, class I>
constexpr void topk_by_selection(const topk_params& p, const T* row, T* y, I* index,
                                 ranked<T>* scratch) {
  for (std::size_t i = 0; i < p.extent; ++i) scratch[i] = {row[i], static_cast<std::int64_t>(i)};
  const bool nan_is_largest = p.order != topk_order::by_index;
  const auto before = [&](const ranked<T>& a, const ranked<T>& b) {
    return comes_before(a.value, b.value, p.smallest, nan_is_largest);
  };
  const auto in_place = [&](const ranked<T>& a, const ranked<T>& b) {
    return before(a, b) || (!before(b, a) && a.index < b.index);
  };
  numerics::selection by_value(scratch, before);
  switch (p.order) {
    case topk_order::by_index:
    case topk_order::stable: {
      numerics::selection by_place(scratch, in_place);
      if (p.k < p.extent / 16)
        by_place.partial_sort(p.k, p.extent);
      else
        by_place.sort(p.extent);
      break;
    }
    case topk_order::introsort: by_value.sort(p.extent); break;
    case topk_order::selected:
    case topk_order::selected_unsorted:
      if (p.k <= p.extent / 64) {
        by_value.partial_sort(p.k, p.extent);
      } else {
        by_value.nth_element(p.k - 1, p.extent);
        if (p.order == topk_order::selected) by_value.sort(p.k - 1);
      }
      break;
  }
  for (std::size_t j = 0; j < p.k; ++j) {
    if (y) y[j] = scratch[j].value;
    if (index) index[j] = static_cast<I>(scratch[j].index);
  }
}
template <class T, class I>
constexpr void topk(const topk_params& p, const T* x, T* y, I* index, ranked<T>* scratch) {
  for (std::size_t r = 0; r < p.rows && p.k > 0; ++r) {
    const T* row = x + r * p.extent;
    T* values = y ? y + r * p.k : nullptr;
    I* places = index ? index + r * p.k : nullptr;
    if (!topk_searches(p.order, p.k))
      topk_by_selection(p, row, values, places, scratch);
    else if (has_nan(row, p.extent))
      topk_by_search(p, row, values, places);
    else
      topk_by_insertion(p, row, values, places);
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void topk_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const topk_params*>(a.params);
  with_number(p.type, [&]<class T>(type_tag<T>) {
    auto* const scratch = static_cast<ranked<T>*>(a.scratch);
    if (p.index_type == dtype::s32)
      topk(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]),
           static_cast<std::int32_t*>(a.out[1]), scratch);
    else
      topk(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]),
           static_cast<std::int64_t*>(a.out[1]), scratch);
  });
}
#else
void topk_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference
namespace ops {
constexpr status topk_op_shape(const node_view& n, std::span<dims> out) {
  const dims& x = n.in[0].shape;
  const auto a = read_attributes<topk_attrs>(*n.attrs);
  if (x.rank < 1 || x.back(0) < 1 || a.k < 0 || a.k > x.back(0))
    return violation{rule::value, dims{0, x.rank < 1 ? 0 : x.back(0)}, dims{a.k}};
  const auto order = static_cast<std::int32_t>(n.attrs->integer("order"));
  if (order < 0 || order >= topk_orders)
    return violation{rule::value, dims{0, topk_orders - 1}, dims{order}};
  dims y = x;
  y[y.rank - 1] = a.k;
  for (dims& d : out) d = y;
  return unit{};
}
constexpr void topk_memory(const node_view& n, node_memory& to) {
  const auto a = read_attributes<topk_attrs>(*n.attrs);
  to.make<topk_params>();
  if (!reference::topk_searches(a.order, as_size(a.k)))
    to.reference_scratch = sizeof(reference::ranked<std::int64_t>) * as_size(n.in[0].shape.back(0));
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status topk_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<topk_attrs>(*n.attrs);
  auto& p = to.make<topk_params>(&reference::topk_kernel);
  const tensor_desc& x = n.in[0];
  p.type = x.type, p.index_type = n.out[1].type;
  p.extent = as_size(x.shape.back(0));
  p.k = as_size(a.k), p.smallest = a.smallest, p.order = a.order;
  p.rows = x.shape.elements().value / p.extent;
  return unit{};
}
#else
status topk_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form topk_forms[] = {
    {.in = {number_types}, .out = {like(0), accumulator_types}},
};
/// Each of the largest is searched for in its whole row, or the rows are sorted.
constexpr double topk_steps(const node_view& n) {
  const auto a = read_attributes<topk_attrs>(*n.attrs);
  if (!reference::topk_searches(a.order, as_size(std::max(a.k, 0)))) return 32 * elements_in(n, 0);
  return elements_out(n) * (n.in[0].shape.rank > 0 ? n.in[0].shape.back(0) : 1);
}
inline constexpr op_def topk{
    .name = "topk",
    .summary = "largest elements of each row and their indices",
    .outputs = 2,
    .forms = topk_forms,
    .attributes = keys_of<topk_attrs>,
    .shape = &topk_op_shape,
    .memory = &topk_memory,
    .prepare = &topk_prepare,
    .steps = &topk_steps,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_GATHER_HPP_
