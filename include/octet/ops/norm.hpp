// qnn.batch_norm, qnn.layer_norm, qnn.group_norm: normalizations of quantized tensors as PyTorch
// computes them.
#ifndef OCTET_OPS_NORM_HPP_
#define OCTET_OPS_NORM_HPP_

#include "octet/laws/functions.hpp"
#include "octet/numerics/fma.hpp"
#include "octet/numerics/math.hpp"
#include "octet/ops/requantize.hpp"

OCTET_NAMESPACE_BEGIN

/// y = rint(fma(x - zx, alpha[c], beta[c])) + zy. Inputs: x, alpha, beta (float32 constants, one
/// per index of the last axis); the importer folds mean, variance, weight, bias and both scales
/// into alpha and beta.
struct batch_norm_params {
  dtype type = dtype::u8;
  std::size_t count = 0, channels = 1;
  std::int32_t in_zero_point = 0, zero_point = 0, lo = 0, hi = 0;
  const float* alpha = nullptr;
  const float* beta = nullptr;
};

/// Normalization of each group of `group` elements in memory order, groups being channels_per_group
/// channels of `inner` elements each; or, per element, of each row. Inputs: x, weight, bias
/// (float32 constants, optional; one per channel, or per element of a row).
///
/// With sums over the group of raw codes: m = f32(f32(S) / n), var = max(fma(-m, m, f32(f32(Q) /
/// n)), 0) (channels_last of 512 pixels or more: S and Q are binary32 sums), k = f32(sx / sqrt(var
/// * sx * sx + eps)) in binary64. Per channel: y = fma(d, f32(k * w), b), per element: fma(f32(d *
/// k), w, b), d = f32(f32(q - zx) - f32(m - zx)); quantized by the reciprocal.
struct norm_attrs {
  std::int32_t groups =
      0;  // > 0: group_norm with one weight per channel; 0: layer_norm over `axes` innermost axes
  std::int32_t axes = 1;
  double epsilon = 1e-5;
  bool channels_last = false;  // group_norm: the framework's tensor lies channels-last in memory
  static constexpr auto fields = field_list{
      field{"groups", &norm_attrs::groups}, field{"axes", &norm_attrs::axes},
      field{"epsilon", &norm_attrs::epsilon}, field{"channels_last", &norm_attrs::channels_last}};
};
struct norm_params {
  dtype type = dtype::u8;
  std::size_t groups = 0, group = 0;    // number of groups, elements of one
  std::size_t channels = 0, inner = 1;  // group_norm: channels of the tensor, elements of one
                                        // channel; layer_norm: channels == 0
  bool float_sums = false;              // in binary32, of each channel, then over the channels
  double in_scale = 1, epsilon = 0;
  float inverse = 1;
  std::int32_t in_zero_point = 0, zero_point = 0, lo = 0, hi = 0;
  const float* weight = nullptr;  // null: 1
  const float* bias = nullptr;    // null: 0
};

/// What the sums of a group make of its elements: its mean less the zero point, and k.
struct norm_of_group {
  float mean, scale;
};
constexpr norm_of_group normalize_group(const norm_params& p, float sum, float squares) noexcept {
  const auto n = static_cast<float>(p.group);
  const float raw_mean = numerics::div(sum, n);
  const float spread = numerics::fma(-raw_mean, raw_mean, numerics::div(squares, n));
  const auto variance = static_cast<double>(spread > 0 ? spread : 0.f);
  const double root = numerics::sqrt(
      numerics::add(numerics::mul(numerics::mul(variance, p.in_scale), p.in_scale), p.epsilon));
  return {numerics::sub(raw_mean, static_cast<float>(p.in_zero_point)),
          static_cast<float>(numerics::div(p.in_scale, root))};
}

namespace reference {
template <class T>
constexpr void batch_norm(const batch_norm_params& p, const T* x, T* y, std::size_t begin,
                          std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    const std::size_t c = i % p.channels;
    const float v =
        numerics::fma(static_cast<float>(x[i] - p.in_zero_point), p.alpha[c], p.beta[c]);
    y[i] = static_cast<T>(
        numerics::clamp_to_int(static_cast<double>(numerics::rint(v)) + p.zero_point, p.lo, p.hi));
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void batch_norm_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const batch_norm_params*>(a.params);
  const auto r = part_of(p.count, a.part, a.parts);
  with_quantized(p.type, [&]<class T>(type_tag<T>) {
    batch_norm(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin, r.end);
  });
}
#else
void batch_norm_kernel(const kernel_args& a) noexcept;
#endif
/// Sums of a group's codes and of their squares.
struct norm_sums {
  float sum, squares;
};
template <class T> constexpr norm_sums norm_sums_of(const norm_params& p, const T* from) {
  if (!p.float_sums) {
    std::int64_t sum = 0, squares = 0;
    for (std::size_t i = 0; i < p.group; ++i) {
      sum += from[i];
      squares += std::int64_t{from[i]} * from[i];
    }
    return {static_cast<float>(sum), static_cast<float>(squares)};
  }
  norm_sums all{0, 0};
  for (std::size_t c = 0; c < p.group; c += p.inner) {
    norm_sums one{0, 0};
    for (std::size_t i = c; i < c + p.inner; ++i) {
      const auto v = static_cast<float>(from[i]);
      one.sum = numerics::add(one.sum, v);
      one.squares = numerics::add(one.squares, numerics::mul(v, v));
    }
    all.sum = numerics::add(all.sum, one.sum);
    all.squares = numerics::add(all.squares, one.squares);
  }
  return all;
}
template <class T>
constexpr void norm(const norm_params& p, const T* x, T* y, std::size_t begin, std::size_t end) {
  for (std::size_t g = begin; g < end; ++g) {
    const T* from = x + g * p.group;
    const norm_sums sums = norm_sums_of(p, from);
    const auto [mean, scale] = normalize_group(p, sums.sum, sums.squares);
    for (std::size_t i = 0; i < p.group; ++i) {
      const std::size_t c = p.channels != 0 ? (g * p.group + i) / p.inner % p.channels : i;
      const float d = numerics::sub(static_cast<float>(from[i] - p.in_zero_point), mean),
                  w = p.weight ? p.weight[c] : 1.f, b = p.bias ? p.bias[c] : 0.f;
      const float v = p.channels != 0 ? numerics::fma(d, numerics::mul(scale, w), b)
                                      : numerics::fma(numerics::mul(d, scale), w, b);
      y[g * p.group + i] = static_cast<T>(numerics::clamp_to_int(
          static_cast<double>(numerics::rint(numerics::mul(v, p.inverse))) + p.zero_point, p.lo,
          p.hi));
    }
  }
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void norm_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const norm_params*>(a.params);
  const auto r = part_of(p.groups, a.part, a.parts);
  with_quantized(p.type, [&]<class T>(type_tag<T>) {
    norm(p, static_cast<const T*>(a.in[0]), static_cast<T*>(a.out[0]), r.begin, r.end);
  });
}
#else
void norm_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status batch_norm_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  auto& p = to.make<batch_norm_params>(&reference::batch_norm_kernel, kernel_id::batch_norm);
  if (x.per_channel() || y.per_channel()) return unsupported("per-channel activations");
  p.type = x.type;
  p.count = x.shape.elements().value;
  p.channels = as_size(x.shape.back(0));
  for (std::size_t i = 1; i < 3; ++i)
    if (!n.is_constant(i) || n.in[i].shape.elements().value != p.channels)
      return invalid("factors of batch_norm", to_string(n.in[i].shape),
                     "float32 constants, one per channel");
  p.alpha = n.constant_as<float>(1).data();
  p.beta = n.constant_as<float>(2).data();
  p.in_zero_point = x.zero_point(), p.zero_point = y.zero_point();
  const auto clamp = clamp_of(*n.attrs, y.type);
  p.lo = clamp.lo, p.hi = clamp.hi;
  return unit{};
}
#else
status batch_norm_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form batch_norm_forms[] = {
    {.in = {eight_bit, dtype::f32, dtype::f32},
     .out = {like(0)},
     .roundings = rounding::float_half_even},
};
inline constexpr op_def batch_norm{
    .name = "qnn.batch_norm",
    .summary = "a factor and an offset for each channel",
    .min_inputs = 3,
    .max_inputs = 3,
    .forms = batch_norm_forms,
    .quantized = true,
    .kernel = kernel_id::batch_norm,
    .attributes = keys_of<clamp_keys>,
    .shape = &requantize_shape,
    .memory = &params_only<batch_norm_params>,
    .prepare = &batch_norm_prepare,
    .decide = &laws::batch_norm,
};

#if OCTET_HAS_DEFINITIONS
/// x is held as PyTorch holds it, channels on axis 1.
OCTET_INLINE status norm_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0];
  const auto a = read_attributes<norm_attrs>(*n.attrs);
  auto& p = to.make<norm_params>(&reference::norm_kernel, kernel_id::norm);
  if (x.per_channel() || y.per_channel() || !x.quantized() || !y.quantized())
    return unsupported("quantization of a normalization", {}, "one scale per tensor");
  p.type = x.type;
  std::size_t parameters = 1;
  if (a.groups > 0) {
    if (x.shape.rank < 2 || x.shape[1] % a.groups != 0)
      return invalid("groups", std::to_string(a.groups), "a divisor of the channels");
    p.channels = parameters = as_size(x.shape[1]);
    for (int i = 2; i < x.shape.rank; ++i) p.inner *= as_size(x.shape[i]);
    p.group = p.channels / as_size(a.groups) * p.inner;
    // PyTorch's channels-last kernel for larger images.
    p.float_sums = a.channels_last && p.inner >= 512;
  } else {
    if (a.axes < 1 || a.axes > x.shape.rank)
      return invalid("normalized axes", std::to_string(a.axes),
                     "1 to " + std::to_string(x.shape.rank));
    p.group = 1;
    for (int i = 0; i < a.axes; ++i) p.group *= as_size(x.shape.back(i));
    parameters = p.group;
  }
  if (p.group == 0) return invalid("an empty group");
  p.groups = x.shape.elements().value / p.group;
  for (std::size_t i = 1; i < 3; ++i) {
    if (!n.present(i)) continue;
    if (!n.is_constant(i) || n.in[i].shape.elements().value != parameters)
      return invalid("weight or bias of a normalization", to_string(n.in[i].shape),
                     std::to_string(parameters) + " float32 constants");
    (i == 1 ? p.weight : p.bias) = n.constant_as<float>(i).data();
  }
  p.in_scale = x.scale(), p.epsilon = a.epsilon;
  p.inverse = numerics::div(1.f, y.scale_f32());
  p.in_zero_point = x.zero_point(), p.zero_point = y.zero_point();
  const auto clamp = clamp_of(*n.attrs, y.type);
  p.lo = clamp.lo, p.hi = clamp.hi;
  return unit{};
}
#else
status norm_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form norm_forms[] = {
    {.in = {eight_bit, dtype::f32, dtype::f32}, .out = {like(0)}, .roundings = rounding::aten},
};
inline constexpr op_def layer_norm{
    .name = "qnn.layer_norm",
    .summary = "rows to mean 0 and variance 1",
    .min_inputs = 1,
    .max_inputs = 3,
    .optional = {1, 2},
    .forms = norm_forms,
    .quantized = true,
    .kernel = kernel_id::norm,
    .attributes = keys_of<norm_attrs, clamp_keys>,
    .shape = &requantize_shape,
    .memory = &params_only<norm_params>,
    .prepare = &norm_prepare,
    .decide = &laws::norm,
};
inline constexpr op_def group_norm{
    .name = "qnn.group_norm",
    .summary = "groups of channels to mean 0 and variance 1",
    .min_inputs = 1,
    .max_inputs = 3,
    .optional = {1, 2},
    .forms = norm_forms,
    .quantized = true,
    .kernel = kernel_id::norm,
    .attributes = keys_of<norm_attrs, clamp_keys>,
    .shape = &requantize_shape,
    .memory = &params_only<norm_params>,
    .prepare = &norm_prepare,
    .decide = &laws::norm,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_NORM_HPP_
