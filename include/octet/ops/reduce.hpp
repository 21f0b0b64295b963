// qnn.mean, qnn.sum and reductions of plain numbers over any axes: mean, sum, reduce_max,
// reduce_min, reduce_prod, reduce_any, reduce_all.
#ifndef OCTET_OPS_REDUCE_HPP_
#define OCTET_OPS_REDUCE_HPP_

#include "octet/laws/functions.hpp"
#include "octet/laws/windows.hpp"
#include "octet/numerics/math.hpp"
#include "octet/numerics/mlas_math.hpp"
#include "octet/numerics/xnnpack_math.hpp"
#include "octet/ops/add.hpp"
#include "octet/ops/dequantize.hpp"
#include "octet/ops/quantize.hpp"

OCTET_NAMESPACE_BEGIN

struct reduce_attrs {
  dims axes{};  // may be negative, repeated; none: all
  bool keep_dims = false;
  static constexpr auto fields =
      field_list{field{"axes", &reduce_attrs::axes}, field{"keep_dims", &reduce_attrs::keep_dims}};
};
/// Means, and sums of floats, by rounding ATEN.
struct axes_order_attrs {
  bool channels_last = false;  // the framework's order of axes has the last one here second
  static constexpr auto fields =
      field_list{field{"channels_last", &axes_order_attrs::channels_last}};
};
/// Sums and means of floats by roundings ATEN, ORT and MXN.
struct sum_order_attrs {
  bool in_order = false;  // in memory order, as without a rounding
  static constexpr auto fields = field_list{field{"in_order", &sum_order_attrs::in_order}};
};

enum class reduction : std::uint8_t { mean, sum, max, min, prod, any, all };

/// The input as kept and reduced axes, adjacent ones merged; innermost last. Elements are visited
/// in memory order within each output.
struct reduce_plan {
  std::size_t outputs = 0, count = 0;  // elements of the output; input elements per output
  std::int32_t kept_rank = 0, reduced_rank = 0;
  std::array<std::int32_t, dims::max_rank> kept{}, kept_stride{}, reduced{}, reduced_stride{};
  // Set where the input is [outer][count][inner] in memory: y[o][i] reduces x[o][0..count)[i].
  // Global pooling of NHWC is this.
  bool simple = false;
  std::size_t outer = 1, inner = 1;
};

struct mean_params {
  reduction op = reduction::mean;
  rounding mode = rounding::none;  // quantized mean and sum: DR, XNN, F, QNN, EVEN, OPT; prod: DR;
                                   // floats: XNN, none; none: raw comparison or plain
                                   // numbers
  dtype type = dtype::u8, out_type = dtype::u8;
  std::int32_t in_zero_point = 0;
  requantize_params requant;    // DR, F, QNN
  float scale = 0, offset = 0;  // XNN, OPT (scale)
  reduce_plan plan;
};

/// A mean or sum of floats in the order of PyTorch's sum with vectors of 8 (AVX2): the two
/// innermost loops first, then the others. Reduced axes come before kept ones, by stride; kept ones
/// in the order of the framework's output. Strides are in elements.
struct aten_mean_params {
  struct loop {
    std::size_t extent = 1, in = 0, out = 0;
  };
  std::array<loop, dims::max_rank + 2> loops{};
  std::size_t rank = 0, reduced = 0, outputs = 0, count = 0;
  bool mean = true;  // else the sum itself
};
/// The order in which ONNX Runtime sums floats, by what is kept and reduced of the axes (neighbours
/// of one kind and axes of extent 1 count as one): the innermost ones, those in the middle, the
/// outermost and the innermost, and others.
enum class sum_order : std::uint8_t { rows, middle, rows_in_order, memory };
/// A sum or mean of floats of [outer][kept][inner] in such an order. rows: sums of `inner`
/// elements; middle: of `kept` rows of `inner`, for each of `outer`; rows_in_order: of outer times
/// inner.
struct ordered_sum_params {
  sum_order order = sum_order::rows;
  bool mean = true;
  std::size_t outer = 1, kept = 1, inner = 1;
};
/// The same as PyTorch's of quantized values: dequantized, averaged as floats, quantized by the
/// reciprocal.
struct quantized_aten_mean_params {
  aten_mean_params mean;
  dtype type = dtype::u8;
  float in_scale = 1, inverse = 1;
  std::int32_t in_zero_point = 0, out_zero_point = 0, lo = 0, hi = 0;
};

/// A reduction's result, and whether an axis that is reduced has no elements.
struct reduced_shape {
  shape_or result;
  bool of_nothing = false;
};
constexpr reduced_shape shape_reduced(const reduce_attrs& a, const dims& x) {
  std::array<bool, dims::max_rank> reduced{};
  for (std::int32_t axis : a.axes) {
    if (axis < -x.rank || axis >= x.rank)
      return {violation{rule::axis, dims{-x.rank, x.rank - 1}, dims{axis}}};
    reduced[as_size(axis < 0 ? axis + x.rank : axis)] = true;
  }
  reduced_shape r{dims{}};
  for (int i = 0; i < x.rank; ++i) {
    const bool gone = a.axes.rank == 0 || reduced[as_size(i)];
    r.of_nothing |= gone && x[i] == 0;
    if (!gone)
      r.result.shape.push_back(x[i]);
    else if (a.keep_dims)
      r.result.shape.push_back(1);
  }
  return r;
}
constexpr shape_or reduce_shape(const reduce_attrs& a, const dims& x) {
  const reduced_shape r = shape_reduced(a, x);
  if (r.of_nothing) return violation{rule::element_count, dims{1}, dims{0}};
  return r.result;
}
constexpr reduce_plan make_reduce(const reduce_attrs& a, const dims& x) {
  reduce_plan p;
  std::array<bool, dims::max_rank> flags{};
  for (int i = 0; i < x.rank; ++i) flags[as_size(i)] = a.axes.rank == 0;
  for (std::int32_t axis : a.axes) flags[as_size(axis < 0 ? axis + x.rank : axis)] = true;
  // Merge neighbours of one kind (axes of extent 1 belong to any kind), outermost first.
  std::array<std::int32_t, dims::max_rank> extent{};
  std::array<bool, dims::max_rank> kind{};
  std::size_t rank = 0;
  p.outputs = p.count = 1;
  for (int i = 0; i < x.rank; ++i) {
    const bool gone = flags[as_size(i)];
    (gone ? p.count : p.outputs) *= as_size(x[i]);
    if (x[i] == 1) continue;
    if (rank > 0 && kind[rank - 1] == gone) {
      extent[rank - 1] *= x[i];
    } else {
      extent[rank] = x[i];
      kind[rank++] = gone;
    }
  }
  std::int32_t stride = 1;
  std::array<std::int32_t, dims::max_rank> strides{};
  for (std::size_t i = rank; i-- > 0;) {
    strides[i] = stride;
    stride *= extent[i];
  }
  for (std::size_t i = 0; i < rank; ++i) {
    auto& n = kind[i] ? p.reduced_rank : p.kept_rank;
    (kind[i] ? p.reduced : p.kept)[as_size(n)] = extent[i];
    (kind[i] ? p.reduced_stride : p.kept_stride)[as_size(n)] = strides[i];
    ++n;
  }
  p.simple = p.reduced_rank <= 1;
  if (p.reduced_rank == 1) {
    p.inner = as_size(p.reduced_stride[0]);
    p.outer = p.inner == 0 ? 0 : p.outputs / p.inner;
  } else if (p.reduced_rank == 0) {
    p.inner = p.outputs;
  }
  return p;
}
constexpr aten_mean_params make_aten_mean(const reduce_attrs& a, const dims& x,
                                          bool channels_last) {
  aten_mean_params p;
  std::array<bool, dims::max_rank> gone{};
  std::array<std::size_t, dims::max_rank> in{}, out{};
  for (int i = 0; i < x.rank; ++i) gone[as_size(i)] = a.axes.rank == 0;
  for (std::int32_t axis : a.axes) gone[as_size(axis < 0 ? axis + x.rank : axis)] = true;
  p.outputs = p.count = 1;
  std::size_t stride = 1;
  for (int i = x.rank; i-- > 0;) {
    const auto k = as_size(i), n = as_size(x[i]);
    in[k] = stride, stride *= n;
    out[k] = p.outputs;
    (gone[k] ? p.count : p.outputs) *= n;
  }
  const auto add = [&](std::size_t k, bool first) {
    const auto n = as_size(x[static_cast<int>(k)]);
    if (n == 1) return first;
    if (!first && p.loops[p.rank - 1].in * p.loops[p.rank - 1].extent == in[k])
      p.loops[p.rank - 1].extent *= n;
    else
      p.loops[p.rank++] = {n, in[k], gone[k] ? 0 : out[k]};
    return false;
  };
  bool first = true;
  for (int i = x.rank; i-- > 0;)
    if (gone[as_size(i)]) first = add(as_size(i), first);
  p.reduced = p.rank;
  first = true;
  for (int i = x.rank; i-- > 0;) {
    const int axis = !channels_last || i == 0 ? i : i == 1 ? x.rank - 1 : i - 1;
    if (!gone[as_size(axis)]) first = add(as_size(axis), first);
  }
  p.rank = p.rank < 2 ? 2 : p.rank;
  return p;
}
/// f(offset) for every input element of output `o`, in memory order.
template <class F> constexpr void for_each_reduced(const reduce_plan& p, std::size_t o, F&& f) {
  std::size_t base = 0, rest = o;
  for (std::int32_t i = p.kept_rank - 1; i >= 0; --i) {
    const auto axis = as_size(i), extent = as_size(p.kept[axis]);
    base += rest % extent * as_size(p.kept_stride[axis]);
    rest /= extent;
  }
  if (p.reduced_rank == 0) {
    if (p.count != 0) f(base);
    return;
  }
  const auto last = as_size(p.reduced_rank - 1), run = as_size(p.reduced[last]),
             step = as_size(p.reduced_stride[last]);
  std::array<std::int32_t, dims::max_rank> place{};
  for (std::size_t k = 0; k < p.count; k += run) {
    for (std::size_t i = 0; i < run; ++i) f(base + i * step);
    for (std::size_t d = last; d-- > 0;) {
      base += as_size(p.reduced_stride[d]);
      if (++place[d] < p.reduced[d]) break;
      base -= as_size(p.reduced_stride[d]) * as_size(p.reduced[d]);
      place[d] = 0;
    }
  }
}

namespace numerics {
/// TFLite's mean: the multiplier with 1 / n folded in. M * 2^k is exact, the division truncates.
constexpr multiplier mean_multiplier(multiplier q, std::size_t n) noexcept {
  int k = static_cast<int>(std::bit_width(n)) - 1;
  if (k > 32) k = 32;
  if (k > 31 + q.shift) k = 31 + q.shift;
  if (k < 0) k = 0;
  return {static_cast<std::int32_t>((std::int64_t{q.m} << k) / static_cast<std::int64_t>(n)),
          q.shift - k};
}
/// XNNPACK: rint(f32(f32(f32(sum) * scale) + offset)), the zero points inside `offset`.
constexpr std::int32_t mean_xnn(const mean_params& p, std::int64_t sum) noexcept {
  return clamp_to_int(
      static_cast<double>(rint(add(mul(static_cast<float>(sum), p.scale), p.offset))), p.requant.lo,
      p.requant.hi);
}
/// TFLite's optimized sum: half away from zero of f32(f32(sum * f32(sx / sy)) + offset).
constexpr std::int32_t sum_optimized(const mean_params& p, std::int64_t sum) noexcept {
  const float v = add(mul(static_cast<float>(sum), p.scale), p.offset);
  return finish(static_cast<double>(round_half_away(v)), p.requant.zero_point, p.requant.lo,
                p.requant.hi);
}
/// The quantized mean or sum from the sum of raw values.
constexpr std::int32_t mean_value(const mean_params& p, std::int64_t sum) noexcept {
  const requantize_params& q = p.requant;
  switch (p.mode) {
    case rounding::xnnpack: return mean_xnn(p, sum);
    case rounding::tflite_optimized: return sum_optimized(p, sum);
    case rounding::divide_half_even:
      return clamp_to_int(
          static_cast<double>(rint(div(static_cast<float>(sum), static_cast<float>(p.plan.count)))),
          q.lo, q.hi);  // raw: parameters are equal
    case rounding::doubling_high_half_away:
    case rounding::float_half_even:
    case rounding::qnnpack:
      return requantize(q, sum - static_cast<std::int64_t>(p.plan.count) * p.in_zero_point, 0);
    case rounding::none:
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::double_half_away:
    case rounding::float_bias_half_even:
    case rounding::float_zero_point_half_even:
    case rounding::eight_bit_ratio_half_up:
    case rounding::divide_half_away:
    case rounding::reciprocal_half_even:
    case rounding::divide_truncate:
    case rounding::aten:
    case rounding::fused_multiply_add:
    case rounding::mxnet:
    case rounding::onnxruntime: break;  // mean_prepare refuses these
  }
  return q.zero_point;
}
}  // namespace numerics

namespace numerics {
/// TFLite's product: scaled after every factor by sx / sy^(1/n), so that it stays in range; all by
/// the 64-bit form of the multiplier, at the end once more.
constexpr std::int32_t prod_step(multiplier q, std::int32_t product, std::int32_t offset) noexcept {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(
      static_cast<std::uint64_t>(wide_half_up(std::int64_t{product} * offset, q))));
}
}  // namespace numerics

namespace reference {
template <class T>
constexpr void quantized_prod(const mean_params& p, const T* x, T* y, std::size_t begin,
                              std::size_t end) {
  for (std::size_t o = begin; o < end; ++o) {
    std::int32_t product = 0;
    bool first = true;
    for_each_reduced(p.plan, o, [&](std::size_t i) {
      const std::int32_t offset = x[i] - p.in_zero_point;
      product = first ? offset : numerics::prod_step(p.requant.mult[0], product, offset);
      first = false;
    });
    y[o] = static_cast<T>(
        numerics::finish(numerics::wide_half_up(std::int64_t{product}, p.requant.mult[0]),
                         p.requant.zero_point, p.requant.lo, p.requant.hi));
  }
}
template <class T>
constexpr void mean(const mean_params& p, const T* x, T* y, std::size_t begin, std::size_t end) {
  for (std::size_t o = begin; o < end; ++o) {
    std::int64_t sum = 0;
    for_each_reduced(p.plan, o, [&](std::size_t i) { sum += x[i]; });
    y[o] = static_cast<T>(numerics::mean_value(p, sum));
  }
}
/// Comparisons, logic, and plain sums and products (float32 in memory order, one rounding per step;
/// integers wrap).
template <class T>
constexpr void reduce(const mean_params& p, const T* x, T* y, std::size_t begin, std::size_t end) {
  for (std::size_t o = begin; o < end; ++o) {
    T v{};
    [[maybe_unused]] std::uint64_t sum = 0;  // means of integers are of sums that do not wrap
    bool first = true;
    if (p.op == reduction::prod) v = static_cast<T>(1);
    if (p.op == reduction::all) v = static_cast<T>(1);
    for_each_reduced(p.plan, o, [&](std::size_t i) {
      const T e = x[i];
      switch (p.op) {
        case reduction::max: v = first || e > v ? e : v; break;
        case reduction::min: v = first || e < v ? e : v; break;
        case reduction::any: v = static_cast<T>(v != T{} || e != T{}); break;
        case reduction::all: v = static_cast<T>(v != T{} && e != T{}); break;
        case reduction::prod:
          if constexpr (std::is_floating_point_v<T>)
            v = numerics::mul(v, e);
          else
            v = static_cast<T>(static_cast<std::uint64_t>(v) * static_cast<std::uint64_t>(e));
          break;
        case reduction::mean:
        case reduction::sum:
          if constexpr (std::is_floating_point_v<T>)
            v = numerics::add(v, e);
          else
            sum += static_cast<std::uint64_t>(e);
          break;
      }
      first = false;
    });
    if constexpr (std::is_floating_point_v<T>) {
      if (p.op == reduction::mean) v = numerics::div(v, static_cast<float>(p.plan.count));
    } else if (p.op == reduction::mean) {
      v = static_cast<T>(static_cast<std::int64_t>(sum) / static_cast<std::int64_t>(p.plan.count));
    } else if (p.op == reduction::sum) {
      v = static_cast<T>(sum);
    }
    y[o] = v;
  }
}
/// MXNet's sum of floats, in memory order: what an addition rounds away is taken from the next
/// element.
constexpr float compensated_sum(const reduce_plan& p, const float* x, std::size_t o) {
  float sum = 0, excess = 0;
  for_each_reduced(p, o, [&](std::size_t i) {
    const float e = numerics::sub(x[i], excess), next = numerics::add(sum, e);
    excess = numerics::is_infinite(next) ? 0.f : numerics::sub(numerics::sub(next, sum), e);
    sum = next;
  });
  return sum;
}
/// Blocks of a cascade have 2^this elements: 16, more above 2^20 elements.
constexpr std::size_t cascade_power(std::size_t n) {
  const std::size_t bits = n <= 2 ? 1 : as_size(std::bit_width(n - 1));
  return bits / 4 > 4 ? bits / 4 : 4;
}
/// The sum of get(0) .. get(n - 1) in up to four levels: blocks, sums of blocks, and so on.
template <class F> constexpr float cascade_sum(std::size_t n, F&& get) {
  const std::size_t power = cascade_power(n), step = std::size_t{1} << power;
  float level[4] = {};
  std::size_t i = 0;
  while (i + step <= n) {
    for (std::size_t j = 0; j < step; ++j) level[0] = numerics::add(level[0], get(i++));
    for (std::size_t j = 1; j < 4; ++j) {
      level[j] = numerics::add(level[j], level[j - 1]);
      level[j - 1] = 0;
      if ((i & (step - 1) << (j * power)) != 0) break;
    }
  }
  while (i < n) level[0] = numerics::add(level[0], get(i++));
  for (std::size_t j = 1; j < 4; ++j) level[0] = numerics::add(level[0], level[j]);
  return level[0];
}
/// Four interleaved sums, the rest to the first of them.
template <class F> constexpr float row_sum(std::size_t n, F&& get) {
  float part[4];
  for (std::size_t k = 0; k < 4; ++k)
    part[k] = cascade_sum(n / 4, [&](std::size_t i) { return get(4 * i + k); });
  for (std::size_t i = n / 4 * 4; i < n; ++i) part[0] = numerics::add(part[0], get(i));
  for (std::size_t k = 1; k < 4; ++k) part[0] = numerics::add(part[0], part[k]);
  return part[0];
}
/// From the first element that lies at a multiple of 16 bytes on: eight sums side by side, the
/// upper four added to the lower, then four elements more where they are left; (0 + 2) + (1 + 3).
/// Then the elements in front, then those behind, one after another. `place`: of the row in its
/// tensor.
constexpr float eigen_sum(const float* x, std::size_t n, std::size_t place) noexcept {
  const std::size_t start = (4 - place % 4) % 4, rest = n < start ? 0 : n - start;
  if (n == 0) return 0;
  if (rest < 4) {
    float sum = x[0];
    for (std::size_t i = 1; i < n; ++i) sum = numerics::add(sum, x[i]);
    return sum;
  }
  const float* const from = x + start;
  const std::size_t eights = rest / 8 * 8, fours = rest / 4 * 4;
  float sums[8] = {};
  for (std::size_t k = 0; k < 8 && k < fours; ++k) sums[k] = from[k];
  for (std::size_t k = 8; k < eights; ++k) sums[k % 8] = numerics::add(sums[k % 8], from[k]);
  if (eights != 0) {
    for (std::size_t k = 0; k < 4; ++k) sums[k] = numerics::add(sums[k], sums[k + 4]);
    for (std::size_t k = eights; k < fours; ++k)
      sums[k - eights] = numerics::add(sums[k - eights], from[k]);
  }
  float sum = numerics::add(numerics::add(sums[0], sums[2]), numerics::add(sums[1], sums[3]));
  for (std::size_t i = 0; i < start; ++i) sum = numerics::add(sum, x[i]);
  for (std::size_t i = fours; i < rest; ++i) sum = numerics::add(sum, from[i]);
  return sum;
}
/// The product of a row of ones with a matrix that is not packed. Elements are `step` apart.
constexpr float product_with_ones(const float* x, std::size_t n, std::size_t step) noexcept {
  numerics::mlas_sum sum(numerics::mlas_product_order(false, true, false, step, n));
  for (std::size_t i = 0; i < n; ++i) sum.add_product(i, 1.f, x[i * step]);
  return sum.value();
}
constexpr float ordered_sum(const ordered_sum_params& p, const float* x, std::size_t o) noexcept {
  switch (p.order) {
    case sum_order::rows: return eigen_sum(x + o * p.inner, p.inner, o * p.inner);
    case sum_order::middle:
      return product_with_ones(x + o / p.inner * p.kept * p.inner + o % p.inner, p.kept, p.inner);
    case sum_order::rows_in_order: {
      float sum = 0;
      for (std::size_t k = 0; k < p.outer; ++k) {
        const std::size_t at = (k * p.kept + o) * p.inner;
        const float row = eigen_sum(x + at, p.inner, at);
        sum = k == 0 ? row : numerics::add(sum, row);
      }
      return sum;
    }
    case sum_order::memory: break;  // mean_prepare gives these to `reduce`
  }
  return 0;
}
constexpr void ordered_sums(const ordered_sum_params& p, const float* x, float* y,
                            std::size_t begin, std::size_t end) noexcept {
  const std::size_t count = p.order == sum_order::rows     ? p.inner
                            : p.order == sum_order::middle ? p.kept
                                                           : p.outer * p.inner;
  for (std::size_t o = begin; o < end; ++o) {
    const float sum = ordered_sum(p, x, o);
    y[o] = p.mean ? numerics::div(sum, static_cast<float>(count)) : sum;
  }
}
/// What sums are multiplied by under XNN.
constexpr float sum_factor_xnn(const mean_params& p) noexcept {
  return p.op == reduction::mean ? numerics::div(1.f, static_cast<float>(p.plan.count)) : 1.f;
}
/// f(input offset, output offset) for each pass of the loops around the two innermost ones.
template <class F> constexpr void for_each_outer(const aten_mean_params& p, const F& f) {
  std::size_t repeats = 1;
  for (std::size_t k = 2; k < p.rank; ++k) repeats *= p.loops[k].extent;
  for (std::size_t r = 0; r < repeats; ++r) {
    std::size_t from = 0, to = 0, rest = r;
    for (std::size_t k = 2; k < p.rank; ++k) {
      from += rest % p.loops[k].extent * p.loops[k].in,
          to += rest % p.loops[k].extent * p.loops[k].out;
      rest /= p.loops[k].extent;
    }
    f(from, to);
  }
}
/// PyTorch's vectors lie along the innermost loop, or across the second.
constexpr bool aten_in_vectors(const aten_mean_params& p) noexcept {
  const auto &a = p.loops[0], &b = p.loops[1];
  return p.reduced != 0 && (a.in == 1 ? a.extent >= 8 : b.in == 1 && b.extent >= 8);
}
template <class T>
constexpr void quantize_means(const quantized_aten_mean_params& p, const float* means,
                              T* y) noexcept {
  for (std::size_t o = 0; o < p.mean.outputs; ++o)
    y[o] = static_cast<T>(
        numerics::quantize_even_mul(means[o], p.inverse, p.out_zero_point, p.lo, p.hi));
}
#if OCTET_HAS_DEFINITIONS
/// XNN of [outer][count][inner]: along the innermost axis in lanes, along another in order.
OCTET_INLINE void xnn_sums(const mean_params& p, const float* x, float* y, part_range r) noexcept {
  const reduce_plan& plan = p.plan;
  const float by = sum_factor_xnn(p);
  for (std::size_t o = r.begin; o < r.end; ++o) {
    const float* const from = x + o / plan.inner * plan.count * plan.inner + o % plan.inner;
    float sum = 0;
    if (plan.inner == 1)
      sum = numerics::row_sum_xnn(plan.count, [from](std::size_t i) { return from[i]; });
    else
      for (std::size_t k = 0; k < plan.count; ++k) sum = numerics::add(sum, from[k * plan.inner]);
    y[o] = numerics::scaled_sum_xnn(sum, by);
  }
}
OCTET_INLINE void ordered_sum_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const ordered_sum_params*>(a.params);
  const std::size_t outputs = p.order == sum_order::rows     ? p.outer
                              : p.order == sum_order::middle ? p.outer * p.inner
                                                             : p.kept;
  const auto r = part_of(outputs, a.part, a.parts);
  ordered_sums(p, static_cast<const float*>(a.in[0]), static_cast<float*>(a.out[0]), r.begin,
               r.end);
}
OCTET_INLINE void compensated_sum_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const mean_params*>(a.params);
  const auto r = part_of(p.plan.outputs, a.part, a.parts);
  for (std::size_t o = r.begin; o < r.end; ++o) {
    const float sum = compensated_sum(p.plan, static_cast<const float*>(a.in[0]), o);
    static_cast<float*>(a.out[0])[o] =
        p.op == reduction::mean ? numerics::div(sum, static_cast<float>(p.plan.count)) : sum;
  }
}
/// x(i): element i of the input in memory order.
template <class F> void aten_mean(const aten_mean_params& p, const F& x, float* y) noexcept {
  constexpr std::size_t lanes = 8;
  for (std::size_t o = 0; o < p.outputs; ++o) y[o] = 0;
  const auto &a = p.loops[0], &b = p.loops[1];
  for_each_outer(p, [&](std::size_t from, std::size_t offset) {
    float* const to = y + offset;
    for (std::size_t j = 0; j < b.extent; ++j) {
      const std::size_t row = from + j * b.in;
      float& sum = to[j * b.out];
      const auto get = [&](std::size_t i) { return x(row + i * a.in); };
      float v = 0;
      if (p.reduced == 0) {
        for (std::size_t i = 0; i < a.extent; ++i) to[i * a.out + j * b.out] = get(i);
        continue;
      }
      if (a.in == 1 && a.extent >= lanes) {  // vectors along the reduced axis
        for (std::size_t i = a.extent / lanes * lanes; i < a.extent; ++i)
          v = numerics::add(v, get(i));
        for (std::size_t k = 0; k < lanes; ++k)
          v = numerics::add(
              v, row_sum(a.extent / lanes, [&](std::size_t i) { return get(i * lanes + k); }));
      } else {  // whole blocks of four vectors, or of four values, sum each for itself
        const std::size_t block = b.in == 1 && b.extent >= lanes ? 4 * lanes : a.in < b.in ? 0 : 4;
        v = block != 0 && j < b.extent / block * block ? cascade_sum(a.extent, get)
                                                       : row_sum(a.extent, get);
      }
      sum = numerics::add(sum, v);
    }
  });
  for (std::size_t o = 0; p.mean && o < p.outputs; ++o)
    y[o] = numerics::div(y[o], static_cast<float>(p.count));
}
OCTET_INLINE void aten_mean_kernel(const kernel_args& a) noexcept {
  const auto* x = static_cast<const float*>(a.in[0]);
  if (a.part == 0)
    aten_mean(
        *static_cast<const aten_mean_params*>(a.params), [x](std::size_t i) { return x[i]; },
        static_cast<float*>(a.out[0]));
}
OCTET_INLINE void quantized_aten_mean_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const quantized_aten_mean_params*>(a.params);
  if (a.part != 0) return;
  auto* means = reinterpret_cast<float*>(a.scratch);
  with_quantized(p.type, [&]<class T>(type_tag<T>) {
    const auto* x = static_cast<const T*>(a.in[0]);
    aten_mean(
        p.mean,
        [&](std::size_t i) { return numerics::dequantize(x[i], p.in_zero_point, p.in_scale); },
        means);
    quantize_means(p, means, static_cast<T*>(a.out[0]));
  });
}
OCTET_INLINE void mean_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const mean_params*>(a.params);
  const auto r = part_of(p.plan.outputs, a.part, a.parts);
  if (p.type == dtype::f32 && p.mode == rounding::xnnpack)
    return xnn_sums(p, static_cast<const float*>(a.in[0]), static_cast<float*>(a.out[0]), r);
  if (p.mode != rounding::none) {
    if (p.op == reduction::prod)
      with_quantized(p.type, [&]<class T>(type_tag<T>) {
        quantized_prod(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin,
                       r.end);
      });
    else
      with_quantized(p.type, [&]<class T>(type_tag<T>) {
        mean(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin, r.end);
      });
    return;
  }
  const auto run = [&]<class T>(type_tag<T>) {
    reduce(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin, r.end);
  };
  if (p.type == dtype::f32)
    run(type_tag<float>{});
  else if (p.type == dtype::boolean)
    run(type_tag<std::uint8_t>{});
  else
    with_integer(p.type, run);
}
#else
void xnn_sums(const mean_params& p, const float* x, float* y, part_range r) noexcept;
void ordered_sum_kernel(const kernel_args& a) noexcept;
void compensated_sum_kernel(const kernel_args& a) noexcept;
void aten_mean_kernel(const kernel_args& a) noexcept;
void quantized_aten_mean_kernel(const kernel_args& a) noexcept;
void mean_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
constexpr status reduce_op_shape(const node_view& n, std::span<dims> out) {
  return set_shape(out, reduce_shape(read_attributes<reduce_attrs>(*n.attrs), n.in[0].shape));
}

/// Of quantized values: one factor in the form of the rounding; PyTorch's mean keeps float means.
constexpr void quantized_reduce_memory(const node_view& n, node_memory& to) {
  if (n.round == rounding::aten) {
    const std::size_t means = bytes_of(n.out[0].shape.elements(), dtype::f32).value;
    to.reference_scratch = means;
    to.kernel([&](const kernels::target_layout&) { return kernels::node_bytes{0, means}; });
    return to.make<quantized_aten_mean_params>();
  }
  to.make<mean_params>();
  if (n.round == rounding::doubling_high_half_away) to.array<multiplier>(1);
  if (n.round == rounding::qnnpack) to.array<float>(1);
}
constexpr sum_order sum_order_of(const node_view& n) {
  const auto a = read_attributes<reduce_attrs>(*n.attrs);
  if (n.round != rounding::onnxruntime || read_attributes<sum_order_attrs>(*n.attrs).in_order)
    return sum_order::memory;
  const reduce_plan p = make_reduce(a, n.in[0].shape);
  if (p.reduced_rank == 1 && p.kept_rank <= 2)
    return p.kept_rank == 2 ? sum_order::middle
           : p.inner == 1   ? sum_order::rows
                            : sum_order::memory;
  return p.reduced_rank == 2 && p.kept_rank == 1 ? sum_order::rows_in_order : sum_order::memory;
}
constexpr ordered_sum_params make_ordered_sum(const node_view& n, sum_order order, bool mean) {
  const reduce_plan p = make_reduce(read_attributes<reduce_attrs>(*n.attrs), n.in[0].shape);
  switch (order) {
    case sum_order::rows: return {order, mean, p.outputs, 1, p.count};
    case sum_order::middle: return {order, mean, p.outer, p.count, p.inner};
    case sum_order::rows_in_order:
      return {order, mean, as_size(p.reduced[0]), p.outputs, as_size(p.reduced[1])};
    case sum_order::memory: break;
  }
  return {};
}
constexpr void sum_memory(const node_view& n, node_memory& to) {
  if (n.round == rounding::aten && !read_attributes<sum_order_attrs>(*n.attrs).in_order)
    to.make<aten_mean_params>();
  else if (sum_order_of(n) != sum_order::memory)
    to.make<ordered_sum_params>();
  else
    to.make<mean_params>();
}
#if OCTET_HAS_DEFINITIONS
/// PyTorch's mean or sum of floats, and mean of quantized values as floats.
OCTET_INLINE void aten_mean_prepare(const node_view& n, const reduce_attrs& attrs,
                                    bool channels_last, reduction op, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  aten_mean_params mean = make_aten_mean(attrs, x.shape, channels_last);
  mean.mean = op == reduction::mean;
  if (x.type == dtype::f32) {
    to.make<aten_mean_params>(&reference::aten_mean_kernel, kernel_id::aten_mean) = mean;
    return;
  }
  const clamp_range clamp = clamp_of(*n.attrs, y.type);
  auto& m = to.make<quantized_aten_mean_params>(&reference::quantized_aten_mean_kernel,
                                                kernel_id::quantized_aten_mean);
  m.mean = mean;
  m.type = x.type, m.in_scale = x.scale_f32(), m.in_zero_point = x.zero_point();
  m.inverse = numerics::div(1.f, y.scale_f32()), m.out_zero_point = y.zero_point();
  m.lo = clamp.lo, m.hi = clamp.hi;
}
/// The factors by which a mean or sum of quantized values is brought to the output's scale.
OCTET_INLINE status mean_factors(const node_view& n, mean_params& p, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  const bool mean = p.op == reduction::mean;
  const float elements = static_cast<float>(p.plan.count), sx = x.scale_f32(), sy = y.scale_f32();
  requantize_params& q = p.requant;
  switch (n.round) {
    case rounding::doubling_high_half_away: {
      auto m = to.array<multiplier>(1);
      m[0] = numerics::quantize_multiplier(numerics::div(x.scale(), y.scale()));
      if (mean) m[0] = numerics::mean_multiplier(m[0], p.plan.count);
      q.mult = m.data();
      return unit{};
    }
    case rounding::xnnpack:
      p.scale = numerics::div(sx, sy);
      if (mean) p.scale = numerics::mul(p.scale, numerics::div(1.f, elements));
      p.offset = numerics::sub(
          static_cast<float>(y.zero_point()),
          numerics::mul(numerics::mul(elements, static_cast<float>(p.in_zero_point)), p.scale));
      return unit{};
    case rounding::tflite_optimized:
      p.scale = numerics::div(sx, sy);
      p.offset =
          numerics::mul(numerics::mul(-static_cast<float>(p.in_zero_point), p.scale), elements);
      return unit{};
    case rounding::divide_half_even:
      if (!mean || !x.same_quantization(y))
        return unsupported("rounding EVEN here", {}, "a mean that keeps the quantization");
      return unit{};
    case rounding::qnnpack: {
      q.mode = rounding::float_half_even;
      auto s = to.array<float>(1);
      s[0] = numerics::div(sx, numerics::mul(sy, elements));
      q.scale = s.data();
      return unit{};
    }
    case rounding::none:
    case rounding::doubling_high_half_up:
    case rounding::wide_half_up:
    case rounding::double_half_away:
    case rounding::float_half_even:
    case rounding::float_bias_half_even:
    case rounding::float_zero_point_half_even:
    case rounding::eight_bit_ratio_half_up:
    case rounding::divide_half_away:
    case rounding::reciprocal_half_even:
    case rounding::divide_truncate:
    case rounding::aten:
    case rounding::fused_multiply_add:
    case rounding::mxnet:
    case rounding::onnxruntime: break;
  }
  return detail::no_such_rounding(n);
}
/// The factor of each element of a product of quantized values.
OCTET_INLINE status product_factors(const node_view& n, mean_params& p, prepared& to) {
  if (p.plan.count == 0) return unsupported("a product of nothing");
  to.kernel = kernel_id::none;
  auto m = to.array<multiplier>(1);
  m[0] = numerics::quantize_multiplier(numerics::div(
      n.in[0].scale(),
      numerics::pow(n.out[0].scale(), numerics::div(1.0, static_cast<double>(p.plan.count)))));
  p.requant.mult = m.data();
  return unit{};
}
template <reduction Op, bool Quantized> status mean_prepare(const node_view& n, prepared& to) {
  const auto attrs = read_attributes<reduce_attrs>(*n.attrs);
  const tensor_desc &x = n.in[0], &y = n.out[0];
  if constexpr (Quantized)
    if (!x.quantized() || !y.quantized() || x.per_channel() || y.per_channel())
      return unsupported("quantization", {}, "one scale per tensor");
  // Attributes are read whatever the rounding: one that no operator reads is an error.
  [[maybe_unused]] sum_order_attrs order;
  if constexpr ((Op == reduction::mean || Op == reduction::sum) && !Quantized)
    order = read_attributes<sum_order_attrs>(*n.attrs);
  if constexpr (Op == reduction::mean || (Op == reduction::sum && !Quantized)) {
    const bool channels_last = read_attributes<axes_order_attrs>(*n.attrs).channels_last;
    if (n.round == rounding::aten && !order.in_order) {
      aten_mean_prepare(n, attrs, channels_last, Op, to);
      return unit{};
    }
  }
  if constexpr ((Op == reduction::mean || Op == reduction::sum) && !Quantized) {
    if (const sum_order by = sum_order_of(n); by != sum_order::memory) {
      to.make<ordered_sum_params>(&reference::ordered_sum_kernel) =
          make_ordered_sum(n, by, Op == reduction::mean);
      return unit{};
    }
    if (n.round == rounding::mxnet && !order.in_order) {
      auto& p = to.make<mean_params>(&reference::compensated_sum_kernel);
      p.op = Op;
      p.plan = make_reduce(attrs, x.shape);
      return unit{};
    }
  }
  auto& p = to.make<mean_params>(&reference::mean_kernel, kernel_id::mean);
  p.op = Op;
  p.mode = Quantized ? n.round : rounding::none;
  p.type = x.type, p.out_type = y.type;
  p.plan = make_reduce(attrs, x.shape);
  // Along axes that do not follow each other XNN is the order of memory.
  if (!Quantized && n.round == rounding::xnnpack && p.plan.simple) p.mode = rounding::xnnpack;
  if constexpr (!Quantized) {
    constexpr bool compares = Op == reduction::max || Op == reduction::min;
    if (compares && x.quantized() && !x.same_quantization(y))
      return unsupported("a reduction by comparison that changes the quantization");
    return unit{};
  } else {
    static_assert(Op == reduction::mean || Op == reduction::sum || Op == reduction::prod);
    const clamp_range clamp = clamp_of(*n.attrs, y.type);
    requantize_params& q = p.requant;
    q.mode = n.round, q.zero_point = y.zero_point(), q.lo = clamp.lo, q.hi = clamp.hi;
    p.in_zero_point = x.zero_point();
    return Op == reduction::prod ? product_factors(n, p, to) : mean_factors(n, p, to);
  }
}
#else
template <reduction Op, bool Quantized> status mean_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form qnn_mean_forms[] = {
    {.in = {quantized_types},
     .out = {like(0)},
     .roundings = {rounding::doubling_high_half_away, rounding::xnnpack, rounding::qnnpack,
                   rounding::divide_half_even, rounding::aten}},
};
inline constexpr form qnn_sum_forms[] = {
    {.in = {quantized_types},
     .out = {like(0)},
     .roundings = {rounding::doubling_high_half_away, rounding::xnnpack,
                   rounding::tflite_optimized}},
};
inline constexpr form qnn_prod_forms[] = {
    {.in = {quantized_types}, .out = {like(0)}, .roundings = rounding::doubling_high_half_away},
};
inline constexpr form reduce_arithmetic_forms[] = {
    {.in = {arithmetic_types}, .out = {like(0)}},
};
inline constexpr form mean_forms[] = {
    reduce_arithmetic_forms[0],
    {.in = {dtype::f32},
     .out = {dtype::f32},
     .roundings = {rounding::aten, rounding::mxnet, rounding::onnxruntime, rounding::xnnpack}},
};
inline constexpr form sum_forms[] = {
    reduce_arithmetic_forms[0],
    {.in = {dtype::f32},
     .out = {dtype::f32},
     .roundings = {rounding::aten, rounding::mxnet, rounding::onnxruntime, rounding::xnnpack}},
};
static_assert(roundings_of(mean_forms) == rounding_set{rounding::none, rounding::aten,
                                                       rounding::mxnet, rounding::onnxruntime,
                                                       rounding::xnnpack},
              "octet: what prepares mean takes any other rounding for none");
static_assert(roundings_of(sum_forms) == roundings_of(mean_forms),
              "octet: what prepares sum takes any other rounding for none");
inline constexpr form reduce_number_forms[] = {
    {.in = {number_types}, .out = {like(0)}},
};
inline constexpr form reduce_bool_forms[] = {
    {.in = {dtype::boolean}, .out = {dtype::boolean}},
};
inline constexpr op_def qnn_mean{
    .name = "qnn.mean",
    .summary = "mean over axes, quantized",
    .forms = qnn_mean_forms,
    .quantized = true,
    .kernel = kernel_id::mean,
    .other_kernel = kernel_id::quantized_aten_mean,
    .attributes = keys_of<reduce_attrs, axes_order_attrs, clamp_keys>,
    .shape = &reduce_op_shape,
    .memory = &quantized_reduce_memory,
    .prepare = &mean_prepare<reduction::mean, true>,
    .decide = &laws::mean,
};
inline constexpr op_def qnn_sum{
    .name = "qnn.sum",
    .summary = "sum over axes, quantized",
    .forms = qnn_sum_forms,
    .quantized = true,
    .kernel = kernel_id::mean,
    .attributes = keys_of<reduce_attrs, clamp_keys>,
    .shape = &reduce_op_shape,
    .memory = &quantized_reduce_memory,
    .prepare = &mean_prepare<reduction::sum, true>,
    .decide = &laws::sum,
};
inline constexpr op_def qnn_reduce_prod{
    .name = "qnn.reduce_prod",
    .summary = "product over axes, quantized",
    .forms = qnn_prod_forms,
    .quantized = true,
    .attributes = keys_of<reduce_attrs, clamp_keys>,
    .shape = &reduce_op_shape,
    .memory = &quantized_reduce_memory,
    .prepare = &mean_prepare<reduction::prod, true>,
    .decide = &laws::tflite_integers,
};
inline constexpr op_def mean{
    .name = "mean",
    .summary = "mean over axes",
    .forms = mean_forms,
    .kernel = kernel_id::mean,
    .other_kernel = kernel_id::aten_mean,
    .attributes = keys_of<reduce_attrs, axes_order_attrs, sum_order_attrs>,
    .shape = &reduce_op_shape,
    .memory = &sum_memory,
    .prepare = &mean_prepare<reduction::mean, false>,
    .decide = &laws::float_mean,
};
inline constexpr op_def sum{
    .name = "sum",
    .summary = "sum over axes",
    .forms = sum_forms,
    .kernel = kernel_id::mean,
    .other_kernel = kernel_id::aten_mean,
    .attributes = keys_of<reduce_attrs, axes_order_attrs, sum_order_attrs>,
    .shape = &reduce_op_shape,
    .memory = &sum_memory,
    .prepare = &mean_prepare<reduction::sum, false>,
    .decide = &laws::float_sum,
};
inline constexpr op_def reduce_max{
    .name = "reduce_max",
    .summary = "largest over axes",
    .forms = reduce_number_forms,
    .kernel = kernel_id::mean,
    .attributes = keys_of<reduce_attrs>,
    .shape = &reduce_op_shape,
    .memory = &params_only<mean_params>,
    .prepare = &mean_prepare<reduction::max, false>,
};
inline constexpr op_def reduce_min{
    .name = "reduce_min",
    .summary = "smallest over axes",
    .forms = reduce_number_forms,
    .kernel = kernel_id::mean,
    .attributes = keys_of<reduce_attrs>,
    .shape = &reduce_op_shape,
    .memory = &params_only<mean_params>,
    .prepare = &mean_prepare<reduction::min, false>,
};
inline constexpr op_def reduce_prod{
    .name = "reduce_prod",
    .summary = "product over axes",
    .forms = reduce_arithmetic_forms,
    .kernel = kernel_id::mean,
    .attributes = keys_of<reduce_attrs>,
    .shape = &reduce_op_shape,
    .memory = &params_only<mean_params>,
    .prepare = &mean_prepare<reduction::prod, false>,
};
inline constexpr op_def reduce_any{
    .name = "reduce_any",
    .summary = "whether any along axes is true",
    .forms = reduce_bool_forms,
    .kernel = kernel_id::mean,
    .attributes = keys_of<reduce_attrs>,
    .shape = &reduce_op_shape,
    .memory = &params_only<mean_params>,
    .prepare = &mean_prepare<reduction::any, false>,
};
inline constexpr op_def reduce_all{
    .name = "reduce_all",
    .summary = "whether all along axes are true",
    .forms = reduce_bool_forms,
    .kernel = kernel_id::mean,
    .attributes = keys_of<reduce_attrs>,
    .shape = &reduce_op_shape,
    .memory = &params_only<mean_params>,
    .prepare = &mean_prepare<reduction::all, false>,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_REDUCE_HPP_
