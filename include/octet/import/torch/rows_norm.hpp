// Rows of normalizations and of the dynamically quantized linear operator.
#ifndef OCTET_IMPORT_TORCH_ROWS_NORM_HPP_
#define OCTET_IMPORT_TORCH_ROWS_NORM_HPP_

#include "octet/import/torch/rows_shape.hpp"
#include "octet/numerics/math.hpp"

OCTET_FP_EXACT_BEGIN
namespace octet::inline OCTET_ABI::torchscript::rows {

/// quantized::batch_norm*(x, weight, bias, mean, var, eps, scale, zero_point): two numbers per channel remain.
template <bool Relu> value batch_norm(emitter& e, arguments& a) {
  context& c = e.c;
  tensor_data *x = e.tensor(a, 0), *mean = e.tensor(a, 3), *var = e.tensor(a, 4);
  const auto eps = static_cast<float>(e.real(a, 5));
  const double scale = e.real(a, 6);
  const std::int64_t zero_point = e.integer(a, 7);
  if (!x || !mean || !var || !e.per_tensor(*x) || !valid_output(e, a, scale, zero_point, x->type)) return value::unknown();
  if (x->rank() < 2) return c.unsupported_here("rank of the input of " + a.name, std::to_string(x->rank()));
  const auto n = static_cast<std::size_t>(x->size[1]);
  const auto factors = [&](std::size_t i, float otherwise) {
    if (e.none(a, i)) return std::vector<float>(n, otherwise);
    tensor_data* t = e.tensor(a, i);
    auto v = t ? c.numbers<float>(*t) : std::vector<float>();
    if (!c.failed() && v.size() != n) c.invalid_here("parameters of " + a.name, std::to_string(v.size()), std::to_string(n));
    v.resize(n);
    return v;
  };
  const auto w = factors(1, 1.f), b = factors(2, 0.f), m = factors(3, 0.f), v = factors(4, 1.f);
  if (c.failed()) return value::unknown();
  std::vector<float> alpha(n), beta(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto inverse = static_cast<float>(numerics::div(1.0, static_cast<double>(numerics::sqrt_f32(numerics::add(v[i], eps)))));
    alpha[i] = static_cast<float>(numerics::mul(static_cast<double>(numerics::mul(inverse, w[i])), numerics::div(x->scales[0], scale)));
    beta[i] = static_cast<float>(numerics::div(static_cast<double>(numerics::sub(b[i], numerics::mul(numerics::mul(m[i], inverse), w[i]))), scale));
  }
  const bool inner = x->rank() >= 3;
  const tensor_id in = e.held(*x, inner), to = e.make(x->type, {scale}, {static_cast<std::int32_t>(zero_point)});
  const tensor_id p = e.constant_of<float>("", alpha), q = e.constant_of<float>("", beta);
  attributes attrs;
  if (Relu) attrs.set("clamp_lo", zero_point);
  if (!e.node("qnn.batch_norm", {in, p, q}, {to}, std::move(attrs), rounding::F)) return value::unknown();
  return e.wrap(to, x->type, inner, true);
}

/// layer_norm(x, shape, w, b, eps, scale, zp), group_norm(x, groups, w, b, eps, scale, zp), instance_norm(x, w, b, eps, scale, zp). The kernels work on
/// contiguous memory.
template <int Kind> value norm(emitter& e, arguments& a) {
  context& c = e.c;
  tensor_data* x = e.tensor(a, 0);
  constexpr std::size_t first = Kind == 2 ? 1 : 2;
  const double eps = e.real(a, first + 2), scale = e.real(a, first + 3);
  const std::int64_t zero_point = e.integer(a, first + 4);
  if (!x || !e.per_tensor(*x) || !valid_output(e, a, scale, zero_point, x->type)) return value::unknown();
  attributes attrs;
  attrs.set("epsilon", eps);
  if constexpr (Kind == 0) {
    const auto shape = e.integers(a, 1);
    if (shape.empty() || shape.size() > x->size.size() || !std::equal(shape.begin(), shape.end(), x->size.end() - static_cast<std::ptrdiff_t>(shape.size()))) return c.invalid_here("normalized shape of " + a.name);
    attrs.set("axes", static_cast<std::int64_t>(shape.size()));
  } else {
    if (x->rank() < 2) return c.invalid_here("rank of the input of " + a.name);
    const std::int64_t groups = Kind == 2 ? x->size[1] : e.integer(a, 1);
    if (groups < 1 || x->size[1] % groups != 0) return c.invalid_here("groups of " + a.name, std::to_string(groups));
    attrs.set("groups", groups);
  }
  std::vector<tensor_id> in{e.held(*x, false)};
  for (std::size_t i = first; i < first + 2; ++i) {
    if (e.none(a, i)) {
      in.push_back(no_tensor);
      continue;
    }
    tensor_data* t = e.tensor(a, i);
    if (!t || t->type != scalar::f32) return c.failed() ? value::unknown() : c.unsupported_here("weight or bias of " + a.name, std::string(torchscript::name_of(t->type)), "float32");
    in.push_back(e.held(*t, false));
  }
  const tensor_id to = e.make(x->type, {scale}, {static_cast<std::int32_t>(zero_point)});
  if (c.failed() || !e.node(Kind == 0 ? "qnn.layer_norm" : "qnn.group_norm", std::move(in), {to}, std::move(attrs), rounding::ATEN)) return value::unknown();
  return e.wrap(to, x->type, false, false);
}

}  // namespace octet::inline OCTET_ABI::torchscript::rows
OCTET_FP_EXACT_END

#endif  // OCTET_IMPORT_TORCH_ROWS_NORM_HPP_
