// layer_norm: rows of float32 to mean 0 and variance 1, or to a mean square of 1, as ONNX Runtime's
// operators of that kind and PyTorch's compute them, or as XNNPACK's single operators do that
// normalize rows in TFLite files. Each has an order of its own for the sums, which decides the last
// bits.
#ifndef OCTET_OPS_LAYER_NORM_HPP_
#define OCTET_OPS_LAYER_NORM_HPP_

#include <bit>

#include "octet/laws/functions.hpp"
#include "octet/numerics/mlas_math.hpp"
#include "octet/numerics/xnnpack_math.hpp"
#include "octet/ops/broadcast.hpp"
#include "octet/ops/norm.hpp"

OCTET_NAMESPACE_BEGIN

/// Inputs: x, weight, bias (float32, one per element of a row; both optional). With `groups`, which
/// PyTorch has: x [N, C, ...] in that many groups of channels, weight and bias one per channel.
struct layer_norm_attrs {
  std::int32_t axes = 1;  // innermost axes that make up a row
  double epsilon = 1e-5;  // added to the variance
  bool centred = true;    // false: the mean stays (root mean square)
  bool running = false;   // mean and squares step by step (SkipLayerNormalization)
  bool in_order = false;  // sums of one element after another (EmbedLayerNormalization)
  std::int32_t groups = 0;
  bool wide = false;  // groups: sums in binary64, one element after another (instance_norm)
  bool channels_last = false;  // groups: the order of an image with its channels last
  static constexpr auto fields =
      field_list{field{"axes", &layer_norm_attrs::axes},
                 field{"epsilon", &layer_norm_attrs::epsilon},
                 field{"centred", &layer_norm_attrs::centred},
                 field{"running", &layer_norm_attrs::running},
                 field{"in_order", &layer_norm_attrs::in_order},
                 field{"groups", &layer_norm_attrs::groups},
                 field{"wide", &layer_norm_attrs::wide},
                 field{"channels_last", &layer_norm_attrs::channels_last}};
};
/// How the sums of a row run; cascade, wide, columns: PyTorch's (ATEN); apart: XNNPACK's mean,
/// squared difference and mean.
enum class row_sums : std::uint8_t { lanes, running, in_order, cascade, wide, columns, apart };
constexpr std::string_view name_of(row_sums s) noexcept {
  switch (s) {
    case row_sums::lanes: return "lanes";
    case row_sums::running: return "running";
    case row_sums::in_order: return "in_order";
    case row_sums::cascade: return "cascade";
    case row_sums::wide: return "wide";
    case row_sums::columns: return "columns";
    case row_sums::apart: return "apart";
  }
  return no_enumerator;
}
struct layer_norm_params {
  std::size_t rows = 0, size = 0;  // size: elements of a row
  float epsilon = 0;
  bool centred = true;
  row_sums sums = row_sums::lanes;
  // Groups of channels: of an image, channels of one, elements of a channel.
  std::size_t groups = 0, channels = 0, inner = 0;
  double exact_epsilon = 0;
};

namespace reference {
/// Mean of a row (0 where it stays) and the sum of the squares of what differs from it.
struct row_moments {
  float mean = 0, squares = 0;
};
/// The mean in binary64 in 8 sums, the squares in 8 chains of fused multiply-adds; of what is left
/// over four in a row unfused, then fused.
constexpr row_moments moments_in_lanes(const float* x, std::size_t n, bool centred) noexcept {
  row_moments r;
  const std::size_t whole = n / 8 * 8;
  std::size_t i = 0;
  if (centred) {
    double sums[8] = {};
    for (; i < whole; ++i) sums[i % 8] = numerics::add(sums[i % 8], static_cast<double>(x[i]));
    double sum = numerics::sum_of_halves(sums);
    for (; i < n; ++i) sum = numerics::add(sum, static_cast<double>(x[i]));
    r.mean = static_cast<float>(numerics::div(sum, static_cast<double>(n)));
  }
  float squares[8] = {};
  for (i = 0; i < whole; ++i) {
    const float d = numerics::sub(x[i], r.mean);
    squares[i % 8] = numerics::fma(d, d, squares[i % 8]);
  }
  r.squares = numerics::sum_of_halves(squares);
  for (; i < n; ++i) {
    const float d = numerics::sub(x[i], r.mean);
    r.squares = n - whole >= 4 && i < whole + 4 ? numerics::add(r.squares, numerics::mul(d, d))
                                                : numerics::fma(d, d, r.squares);
  }
  return r;
}
/// Welford's: each element moves the mean.
constexpr row_moments running_moments(const float* x, std::size_t n) noexcept {
  row_moments r;
  for (std::size_t i = 0; i < n; ++i) {
    const float d = numerics::sub(x[i], r.mean);
    r.mean = numerics::add(r.mean, numerics::div(d, static_cast<float>(i + 1)));
    r.squares = numerics::add(r.squares, numerics::mul(d, numerics::sub(x[i], r.mean)));
  }
  return r;
}
constexpr row_moments moments_in_order(const float* x, std::size_t n, bool centred) noexcept {
  row_moments r;
  if (centred) {
    for (std::size_t i = 0; i < n; ++i) r.mean = numerics::add(r.mean, x[i]);
    r.mean = numerics::div(r.mean, static_cast<float>(n));
  }
  for (std::size_t i = 0; i < n; ++i) {
    const float d = numerics::sub(x[i], r.mean);
    r.squares = numerics::add(r.squares, numerics::mul(d, d));
  }
  return r;
}
/// Sums in binary64, of squares that binary32 rounds.
constexpr row_moments wide_moments(const float* x, std::size_t n) noexcept {
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < n; ++i) sum = numerics::add(sum, static_cast<double>(x[i]));
  const float mean = static_cast<float>(numerics::div(sum, static_cast<double>(n)));
  for (std::size_t i = 0; i < n; ++i) {
    const float d = numerics::sub(x[i], mean);
    squares = numerics::add(squares, static_cast<double>(numerics::mul(d, d)));
  }
  return {mean, static_cast<float>(squares)};
}
/// Of channels_last images, whose channels PyTorch's vectors hold: 8 lanes of channels, pixel after
/// pixel; from 1024 pixels on each channel by itself, its squares fused, then one channel after
/// another. `squares`: the variance.
constexpr row_moments moments_in_columns(const layer_norm_params& p, const float* x) noexcept {
  float sum = 0, squares = 0;
  if (p.inner < 1024) {
    float sums[8] = {}, products[8] = {};
    for (std::size_t i = 0; i < p.inner; ++i)
      for (std::size_t k = 0; k < p.channels; ++k) {
        const float v = x[k * p.inner + i];
        sums[k % 8] = numerics::add(sums[k % 8], v);
        products[k % 8] = numerics::add(products[k % 8], numerics::mul(v, v));
      }
    sum = numerics::sum_of_halves(sums), squares = numerics::sum_of_halves(products);
  } else {
    for (std::size_t k = 0; k < p.channels; ++k) {
      float of_channel = 0, products = 0;
      for (std::size_t i = k * p.inner; i < (k + 1) * p.inner; ++i) {
        of_channel = numerics::add(of_channel, x[i]);
        products = numerics::fma(x[i], x[i], products);
      }
      sum = numerics::add(sum, of_channel), squares = numerics::add(squares, products);
    }
  }
  const float share = numerics::div(1.f, static_cast<float>(p.size)),
              mean = numerics::mul(sum, share);
  return {mean, numerics::fma(squares, share, -numerics::mul(mean, mean))};
}
/// Mean and squares of `count` elements.
struct counted_moments {
  std::size_t count = 0;
  float mean = 0, squares = 0;

  /// Those of another chunk of the same lane join: the mean's step is not fused.
  constexpr void join(const counted_moments& m) noexcept {
    const std::size_t all = count + m.count;
    if (all == 0) return;
    const float share = numerics::div(static_cast<float>(m.count), static_cast<float>(all)),
                way = numerics::sub(m.mean, mean);
    const float step = numerics::mul(share, way);
    mean = numerics::add(mean, step);
    squares = numerics::fma(way, numerics::mul(step, static_cast<float>(count)),
                            numerics::add(squares, m.squares));
    count = all;
  }
  /// Those of another lane join.
  constexpr void add(const counted_moments& m) noexcept {
    const std::size_t all = count + m.count;
    const float share = all == 0
                            ? 0.f
                            : numerics::div(static_cast<float>(m.count), static_cast<float>(all)),
                way = numerics::sub(m.mean, mean);
    mean = numerics::fma(share, way, mean);
    const float apart = numerics::mul(numerics::mul(way, way), share);
    squares = numerics::add(squares, numerics::fma(apart, static_cast<float>(count), m.squares));
    count = all;
  }
};
/// The moments of one of PyTorch's 8 lanes: of every eighth element of a row's whole eights from
/// `x` on, `n` of them. Chunks of 16 are Welford's, by products with f32(1 / k) and fused; then two
/// and two of equal length join (a stack, at whose end what is left joins from its bottom on).
constexpr counted_moments cascaded_moments(const float* x, std::size_t n) noexcept {
  constexpr std::size_t chunk = 16, lanes = 8;
  const std::size_t chunks = (n + chunk - 1) / chunk,
                    depth = chunks <= 2 ? 1 : as_size(std::bit_width(chunks - 1));
  counted_moments stack[64] = {};
  for (std::size_t i = 0; i < chunks; ++i) {
    counted_moments m;
    m.count = n - i * chunk < chunk ? n - i * chunk : chunk;
    for (std::size_t j = 0; j < m.count; ++j) {
      const float v = x[(i * chunk + j) * lanes], d = numerics::sub(v, m.mean);
      m.mean = numerics::fma(d, numerics::div(1.f, static_cast<float>(j + 1)), m.mean);
      m.squares = numerics::fma(d, numerics::sub(v, m.mean), m.squares);
    }
    stack[0].join(m);
    for (std::size_t j = 1, left = i + 1; j < depth && (left & 1) == 0; ++j, left >>= 1) {
      stack[j].join(stack[j - 1]);
      stack[j - 1] = {};
    }
  }
  for (std::size_t j = 1; j < depth; ++j) stack[0].join(stack[j]);
  return stack[0];
}
/// A row's last elements, one by one.
constexpr counted_moments moments_of_rest(const float* x, std::size_t n) noexcept {
  const row_moments m = running_moments(x, n);
  return {n, m.mean, m.squares};
}
/// The moments of a row: those of the rest of it, then of each lane in turn.
constexpr row_moments moments_in_cascade(const float* x, std::size_t n) noexcept {
  const std::size_t lanes = 8, whole = n / lanes;
  counted_moments all = moments_of_rest(x + whole * lanes, n - whole * lanes);
  for (std::size_t l = 0; l < lanes; ++l)
    if (whole > 0) all.add(cascaded_moments(x + l, whole));
  return {all.mean, all.squares};
}
/// `squares` is their mean.
constexpr row_moments moments_apart(const float* x, std::size_t n) noexcept {
  const float share = numerics::div(1.f, static_cast<float>(n)),
              mean = numerics::scaled_sum_xnn(
                  numerics::row_sum_xnn(n, [x](std::size_t i) { return x[i]; }), share);
  const float squares = numerics::row_sum_xnn(n, [x, mean](std::size_t i) {
    const float d = numerics::sub(x[i], mean);
    return numerics::mul(d, d);
  });
  return {mean, numerics::scaled_sum_xnn(squares, share)};
}
constexpr row_moments moments_of(const layer_norm_params& p, const float* x) noexcept {
  switch (p.sums) {
    case row_sums::lanes: return moments_in_lanes(x, p.size, p.centred);
    case row_sums::running: return running_moments(x, p.size);
    case row_sums::cascade: return moments_in_cascade(x, p.size);
    case row_sums::wide: return wide_moments(x, p.size);
    case row_sums::columns: return moments_in_columns(p, x);
    case row_sums::apart: return moments_apart(x, p.size);
    case row_sums::in_order: break;
  }
  return moments_in_order(x, p.size, p.centred);
}
/// By lanes and in a cascade what the deviation divides is multiplied by its reciprocal.
constexpr bool multiplies(row_sums s) noexcept {
  return s == row_sums::lanes || s == row_sums::cascade;
}
/// sqrt(squares / n + epsilon), or its reciprocal.
constexpr float deviation_of(const layer_norm_params& p, float squares) noexcept {
  if (p.sums == row_sums::apart) return numerics::rsqrt_xnn(numerics::add(squares, p.epsilon));
  const float root = numerics::sqrt_f32(
      numerics::add(numerics::div(squares, static_cast<float>(p.size)), p.epsilon));
  return multiplies(p.sums) ? numerics::div(1.f, root) : root;
}
/// What a channel of a group is multiplied by, and what is added; without weight and bias the mean
/// is taken off first, where the sums are not wide.
struct channel_factors {
  float scale = 1, offset = 0;
  bool plain = false;

  constexpr float operator()(float x) const noexcept {
    return plain ? numerics::mul(numerics::sub(x, offset), scale) : numerics::fma(x, scale, offset);
  }
};
constexpr channel_factors factors_of(const layer_norm_params& p, const row_moments& m,
                                     const float* weight, const float* bias, std::size_t c) {
  const bool columns = p.sums == row_sums::columns;
  const float variance = columns ? m.squares : numerics::div(m.squares, static_cast<float>(p.size));
  const double root = numerics::sqrt(
      numerics::add(static_cast<double>(variance > 0 ? variance : 0.f), p.exact_epsilon));
  const float by = static_cast<float>(numerics::div(1., root)),
              scale = weight ? numerics::mul(by, weight[c]) : by;
  if (!weight && !bias && p.sums == row_sums::cascade) return {by, m.mean, true};
  const float b = bias ? bias[c] : 0.f;
  // Of 8 channels or more fours are fused, what is left is not.
  if (columns && (p.channels < 8 || c % p.channels >= p.channels / 4 * 4))
    return {scale, numerics::add(numerics::mul(-scale, m.mean), b)};
  return {scale, numerics::fma(-scale, m.mean, b)};
}
constexpr void group_norm(const layer_norm_params& p, const float* x, const float* weight,
                          const float* bias, float* y, std::size_t begin, std::size_t end) {
  for (std::size_t row = begin; row < end; ++row) {
    const row_moments m = moments_of(p, x + row * p.size);
    for (std::size_t k = 0; k < p.channels; ++k) {
      const auto f = factors_of(p, m, weight, bias, row % p.groups * p.channels + k);
      const std::size_t from = row * p.size + k * p.inner;
      for (std::size_t i = from; i < from + p.inner; ++i) y[i] = f(x[i]);
    }
  }
}
constexpr void layer_norm(const layer_norm_params& p, const float* x, const float* weight,
                          const float* bias, float* y, std::size_t begin, std::size_t end) {
  for (std::size_t row = begin; row < end; ++row) {
    const float* const from = x + row * p.size;
    float* const to = y + row * p.size;
    const row_moments m = moments_of(p, from);
    const float by = deviation_of(p, m.squares);
    for (std::size_t i = 0; i < p.size; ++i) {
      const float d = numerics::sub(from[i], m.mean), w = weight ? weight[i] : 1.f;
      if (p.sums == row_sums::apart) {
        const float scale = numerics::mul(by, w);
        to[i] = numerics::add(
            numerics::mul(from[i], scale),
            numerics::add(numerics::mul(numerics::sub(0.f, m.mean), scale), bias ? bias[i] : 0.f));
      } else if (multiplies(p.sums)) {
        const float t = numerics::mul(d, by);  // PyTorch adds 0 where there is no bias
        to[i] = bias                          ? numerics::fma(t, w, bias[i])
                : p.sums == row_sums::cascade ? numerics::fma(t, w, 0.f)
                                              : numerics::mul(t, w);
      } else {
        const float t = numerics::mul(numerics::div(d, by), w);
        to[i] = bias ? numerics::add(t, bias[i]) : t;
      }
    }
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void layer_norm_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const layer_norm_params*>(a.params);
  const auto r = part_of(p.rows, a.part, a.parts);
  const auto run = p.groups > 0 ? &group_norm : &layer_norm;
  run(p, static_cast<const float*>(a.in[0]), static_cast<const float*>(a.in[1]),
      static_cast<const float*>(a.in[2]), static_cast<float*>(a.out[0]), r.begin, r.end);
}
#else
void layer_norm_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
#if OCTET_HAS_DEFINITIONS
/// Rows that are groups of channels.
OCTET_INLINE status set_groups(layer_norm_params& p, const layer_norm_attrs& a, const dims& x) {
  if (x.rank < 2 || x[1] % a.groups != 0)
    return invalid("groups", std::to_string(a.groups), "a divisor of " + to_string(x));
  p.groups = as_size(a.groups), p.channels = as_size(x[1]) / p.groups, p.inner = 1;
  for (int i = 2; i < x.rank; ++i) p.inner *= as_size(x[i]);
  p.size = p.channels * p.inner;
  return unit{};
}
OCTET_INLINE status layer_norm_prepare(const node_view& n, prepared& to) {
  const dims& x = n.in[0].shape;
  const auto a = read_attributes<layer_norm_attrs>(*n.attrs);
  auto& p = to.make<layer_norm_params>(&reference::layer_norm_kernel, kernel_id::layer_norm);
  if (a.groups < 0 || (a.groups > 0 && n.round != rounding::aten))
    return unsupported("groups of channels", std::to_string(a.groups), "rounding ATEN");
  if (a.axes < 1 || a.axes > x.rank)
    return invalid("normalized axes", std::to_string(a.axes), "1 to " + std::to_string(x.rank));
  if ((a.wide || a.channels_last) && a.groups == 0)
    return unsupported("wide sums of rows, or those of channels_last images", {}, "of groups");
  if (a.wide && a.channels_last) return invalid("wide and channels_last", "both", "one of them");
  if (a.running && a.in_order) return invalid("running and in_order", "both", "one of them");
  p.size = 1;
  for (int i = 0; i < a.axes; ++i) p.size *= as_size(x.back(i));
  if (a.groups > 0)
    if (auto s = set_groups(p, a, x); !s) return s;
  if (p.size == 0) return invalid("an empty row");
  p.rows = x.elements().value / p.size;
  const std::size_t factors = a.groups > 0 ? as_size(x[1]) : p.size;
  for (std::size_t i = 1; i < 3; ++i)
    if (n.present(i) && n.in[i].shape.elements().value != factors)
      return invalid("weight or bias of a normalization", to_string(n.in[i].shape),
                     std::to_string(factors) + " elements");
  p.epsilon = static_cast<float>(a.epsilon), p.exact_epsilon = a.epsilon;
  p.centred = a.centred;
  // ONNX Runtime's vector loops begin at 8 elements, without the mean at 16.
  const bool lanes = !a.running && !a.in_order && p.size >= (a.centred ? 8u : 16u),
             pytorch = n.round == rounding::aten, xnnpack = n.round == rounding::xnnpack;
  if ((pytorch || xnnpack) && (a.running || a.in_order || !a.centred))
    return unsupported("another order of sums, or none of means, under rounding " +
                       std::string(name_of(n.round)));
  p.sums = xnnpack                    ? row_sums::apart
           : a.wide                   ? row_sums::wide
           : a.channels_last          ? row_sums::columns
           : pytorch                  ? row_sums::cascade
           : lanes                    ? row_sums::lanes
           : a.centred && !a.in_order ? row_sums::running
                                      : row_sums::in_order;
  return unit{};
}
#else
status layer_norm_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form float_norm_forms[] = {
    {.in = {dtype::f32, dtype::f32, dtype::f32},
     .out = {dtype::f32},
     .roundings = {rounding::onnxruntime, rounding::aten, rounding::xnnpack}},
};
inline constexpr op_def float_layer_norm{
    .name = "layer_norm",
    .summary = "rows of float32 to mean 0 and variance 1, or to a mean square of 1",
    .min_inputs = 1,
    .max_inputs = 3,
    .optional = {1, 2},
    .forms = float_norm_forms,
    .kernel = kernel_id::layer_norm,
    .attributes = keys_of<layer_norm_attrs>,
    .shape = &same_op_shape,
    .memory = &params_only<layer_norm_params>,
    .prepare = &layer_norm_prepare,
    .decide = &laws::float_norm,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_LAYER_NORM_HPP_
