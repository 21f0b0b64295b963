// Rows of normalizations.
#ifndef OCTET_IMPORT_TORCH_ROWS_NORM_HPP_
#define OCTET_IMPORT_TORCH_ROWS_NORM_HPP_

#include "octet/import/torch/emit.hpp"
#include "octet/numerics/math.hpp"
#include "octet/ops/norm.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

/// One float per channel, or `otherwise` for all of them.
inline result<std::vector<float>> channel_factors(emitter& e, arguments& a,
                                                  std::string_view parameter, std::size_t channels,
                                                  float otherwise) {
  if (a.none(parameter)) return std::vector<float>(channels, otherwise);
  const tensor_data* t = a.tensor(parameter);
  if (auto s = a.check(); !s) return s.error();
  auto v = e.c.numbers<float>(*t);
  if (v && v->size() != channels)
    return invalid("parameters of " + a.name, std::to_string(v->size()), std::to_string(channels));
  return v;
}
/// quantized::batch_norm*(x, weight, bias, mean, var, eps, scale, zero_point): two numbers per
/// channel remain.
template <bool Relu> result<value> batch_norm(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("qx");
  const auto eps = static_cast<float>(a.real("eps"));
  a.tensor("mean"), a.tensor("var");  // mean and variance must be given
  if (auto s = a.check(); !s) return s.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const auto out = e.output(a, x->type);
  if (!out) return out.error();
  if (x->rank() < 2)
    return unsupported("rank of the input of " + a.name, std::to_string(x->rank()));
  const auto n = as_size(x->size[1]);
  const auto w = channel_factors(e, a, "weight", n, 1.f), b = channel_factors(e, a, "bias", n, 0.f),
             m = channel_factors(e, a, "mean", n, 0.f), v = channel_factors(e, a, "var", n, 1.f);
  for (const auto* factors : {&w, &b, &m, &v})
    if (!*factors) return factors->error();
  std::vector<float> alpha(n), beta(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto inverse = static_cast<float>(
        numerics::div(1.0, static_cast<double>(numerics::sqrt_f32(numerics::add((*v)[i], eps)))));
    alpha[i] =
        static_cast<float>(numerics::mul(static_cast<double>(numerics::mul(inverse, (*w)[i])),
                                         numerics::div(x->scales[0], out->scale)));
    beta[i] = static_cast<float>(
        numerics::div(static_cast<double>(numerics::sub(
                          (*b)[i], numerics::mul(numerics::mul((*m)[i], inverse), (*w)[i]))),
                      out->scale));
  }
  const bool inner = x->rank() >= 3;
  const auto in = e.held(*x, inner);
  if (!in) return in.error();
  const tensor_id to = e.make(x->type, *out);
  const tensor_id p = e.constant_of(alpha), q = e.constant_of(beta);
  if (auto s = e.emit(ops::batch_norm, {*in, p, q}, to, {},
                      {.fused = Relu ? activation::relu : activation::none});
      !s)
    return s.error();
  return e.wrap(to, x->type, inner, true);
}

/// Float32 weight or bias of a normalization, or none.
inline result<tensor_id> norm_parameter(emitter& e, arguments& a, std::string_view parameter) {
  if (a.none(parameter)) return no_tensor;
  tensor_data* t = a.tensor(parameter);
  if (auto s = a.check(); !s) return s.error();
  if (t->type != scalar::f32)
    return unsupported("weight or bias of " + a.name, std::string(name_of(t->type)), "float32");
  return e.held(*t, false);
}
/// Of input, weight, bias, eps, output_scale, output_zero_point. The kernels work on contiguous
/// memory.
inline result<value> normalized(emitter& e, arguments& a, const op_def& op, const char* key,
                                std::int64_t number) {
  tensor_data* x = a.tensor("input");
  const double eps = a.real("eps");
  if (auto s = a.check(); !s) return s.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const auto q = e.output(a, x->type);
  if (!q) return q.error();
  attributes attrs;
  attrs.set("epsilon", eps);
  attrs.set(key, number);
  const bool last = &op == &ops::group_norm && suggests_channels_last(*x);
  if (last) attrs.set("channels_last", std::int64_t{1});
  const auto in = e.held(*x, false), weight = norm_parameter(e, a, "weight"),
             bias = norm_parameter(e, a, "bias");
  for (const auto* id : {&in, &weight, &bias})
    if (!*id) return id->error();
  const tensor_id to = e.make(x->type, *q);
  if (auto s = e.emit(op, {*in, *weight, *bias}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, x->type, false, last);
}
/// layer_norm(x, shape, w, b, eps, scale, zp).
inline result<value> layer_norm(emitter& e, arguments& a) {
  const tensor_data* x = a.tensor("input");
  const auto shape = a.integers("normalized_shape");
  if (auto s = a.check(); !s) return s.error();
  if (shape.empty() || shape.size() > x->size.size() ||
      !std::equal(shape.begin(), shape.end(),
                  x->size.end() - static_cast<std::ptrdiff_t>(shape.size())))
    return invalid("normalized shape of " + a.name);
  return normalized(e, a, ops::layer_norm, "axes", static_cast<std::int64_t>(shape.size()));
}
/// group_norm(x, groups, w, b, eps, scale, zp); instance_norm(x, w, b, eps, scale, zp) has a group
/// for each channel.
template <bool Instance> result<value> group_norm(emitter& e, arguments& a) {
  const tensor_data* x = a.tensor("input");
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() < 2) return invalid("rank of the input of " + a.name);
  const std::int64_t groups = Instance ? x->size[1] : a.integer("num_groups");
  if (auto s = a.check(); !s) return s.error();
  if (groups < 1 || x->size[1] % groups != 0)
    return invalid("groups of " + a.name, std::to_string(groups));
  return normalized(e, a, ops::group_norm, "groups", groups);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_NORM_HPP_
