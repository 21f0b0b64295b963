// Rows of normalizations and of the dynamically quantized linear operator.
#ifndef OCTET_IMPORT_TORCH_ROWS_NORM_HPP_
#define OCTET_IMPORT_TORCH_ROWS_NORM_HPP_

#include "octet/import/torch/rows_shape.hpp"
#include "octet/numerics/math.hpp"

OCTET_NAMESPACE_BEGIN
namespace torchscript::rows {

/// quantized::batch_norm*(x, weight, bias, mean, var, eps, scale, zero_point): two numbers per
/// channel remain.
template <bool Relu> value batch_norm(emitter& e, arguments& a) {
  context& c = e.c;
  tensor_data *x = e.tensor(a, 0), *mean = e.tensor(a, 3), *var = e.tensor(a, 4);
  const auto eps = static_cast<float>(e.real(a, 5));
  const double scale = e.real(a, 6);
  const std::int64_t zero_point = e.integer(a, 7);
  if (!x || !mean || !var || !e.per_tensor(*x) || !valid_output(e, a, scale, zero_point, x->type))
    return value::unknown();
  if (x->rank() < 2)
    return c.unsupported_here("rank of the input of " + a.name, std::to_string(x->rank()));
  const auto n = static_cast<std::size_t>(x->size[1]);
  const auto factors = [&](std::size_t i, float otherwise) {
    if (e.none(a, i)) return std::vector<float>(n, otherwise);
    tensor_data* t = e.tensor(a, i);
    auto v = t ? c.numbers<float>(*t) : std::vector<float>();
    if (!c.failed() && v.size() != n)
      c.invalid_here("parameters of " + a.name, std::to_string(v.size()), std::to_string(n));
    v.resize(n);
    return v;
  };
  const auto w = factors(1, 1.f), b = factors(2, 0.f), m = factors(3, 0.f), v = factors(4, 1.f);
  if (c.failed()) return value::unknown();
  std::vector<float> alpha(n), beta(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto inverse = static_cast<float>(
        numerics::div(1.0, static_cast<double>(numerics::sqrt_f32(numerics::add(v[i], eps)))));
    alpha[i] = static_cast<float>(numerics::mul(static_cast<double>(numerics::mul(inverse, w[i])),
                                                numerics::div(x->scales[0], scale)));
    beta[i] = static_cast<float>(numerics::div(
        static_cast<double>(numerics::sub(b[i], numerics::mul(numerics::mul(m[i], inverse), w[i]))),
        scale));
  }
  const bool inner = x->rank() >= 3;
  const tensor_id in = e.held(*x, inner),
                  to = e.make(x->type, {scale}, {static_cast<std::int32_t>(zero_point)});
  const tensor_id p = e.constant_of<float>("", alpha), q = e.constant_of<float>("", beta);
  attributes attrs;
  if (Relu) attrs.set("clamp_lo", zero_point);
  if (!e.node("qnn.batch_norm", {in, p, q}, {to}, std::move(attrs), rounding::F))
    return value::unknown();
  return e.wrap(to, x->type, inner, true);
}

/// layer_norm(x, shape, w, b, eps, scale, zp), group_norm(x, groups, w, b, eps, scale, zp),
/// instance_norm(x, w, b, eps, scale, zp). The kernels work on contiguous memory.
template <int Kind> value norm(emitter& e, arguments& a) {
  context& c = e.c;
  tensor_data* x = e.tensor(a, 0);
  constexpr std::size_t first = Kind == 2 ? 1 : 2;
  const double eps = e.real(a, first + 2), scale = e.real(a, first + 3);
  const std::int64_t zero_point = e.integer(a, first + 4);
  if (!x || !e.per_tensor(*x) || !valid_output(e, a, scale, zero_point, x->type))
    return value::unknown();
  attributes attrs;
  attrs.set("epsilon", eps);
  if constexpr (Kind == 0) {
    const auto shape = e.integers(a, 1);
    if (shape.empty() || shape.size() > x->size.size() ||
        !std::equal(shape.begin(), shape.end(),
                    x->size.end() - static_cast<std::ptrdiff_t>(shape.size())))
      return c.invalid_here("normalized shape of " + a.name);
    attrs.set("axes", static_cast<std::int64_t>(shape.size()));
  } else {
    if (x->rank() < 2) return c.invalid_here("rank of the input of " + a.name);
    const std::int64_t groups = Kind == 2 ? x->size[1] : e.integer(a, 1);
    if (groups < 1 || x->size[1] % groups != 0)
      return c.invalid_here("groups of " + a.name, std::to_string(groups));
    attrs.set("groups", groups);
  }
  std::vector<tensor_id> in{e.held(*x, false)};
  for (std::size_t i = first; i < first + 2; ++i) {
    if (e.none(a, i)) {
      in.push_back(no_tensor);
      continue;
    }
    tensor_data* t = e.tensor(a, i);
    if (!t || t->type != scalar::f32)
      return c.failed() ? value::unknown()
                        : c.unsupported_here("weight or bias of " + a.name,
                                             std::string(torchscript::name_of(t->type)), "float32");
    in.push_back(e.held(*t, false));
  }
  const tensor_id to = e.make(x->type, {scale}, {static_cast<std::int32_t>(zero_point)});
  if (c.failed() || !e.node(Kind == 0 ? "qnn.layer_norm" : "qnn.group_norm", std::move(in), {to},
                            std::move(attrs), rounding::ATEN))
    return value::unknown();
  return e.wrap(to, x->type, false, false);
}

/// quantized::linear_dynamic(x, packed, reduce_range): x is quantized at run time by its own
/// minimum and maximum, the result is float.
template <bool Relu> value linear_dynamic(emitter& e, arguments& a) {
  context& c = e.c;
  tensor_data* x = e.tensor(a, 0);
  packed_data* p = packed(e, a, 1);
  const bool reduce_range = e.boolean(a, 2) && !e.qnnpack();  // QNNPACK does not honour it
  if (c.failed() || !x || !p) return value::unknown();
  if (!p->linear) return c.invalid_here("packed parameters of another operator in " + a.name);
  if (x->type != scalar::f32 || x->rank() < 1 || x->size.back() != p->weight->size[1])
    return c.invalid_here("input of " + a.name, std::string(torchscript::name_of(x->type)),
                          "float32, " + std::to_string(p->weight->size[1]) + " features");
  tensor_data w = *p->weight;
  if (!c.resolve_channels(w)) return value::unknown();
  if (w.scales.size() > 1 && w.axis != 0)
    return c.unsupported_here("per-channel weights on axis " + std::to_string(w.axis), {}, "0");
  const tensor_id w_id = c.g.add_constant("", dtype::s8, e.ir_shape(w.size, false), c.elements(w));
  c.g[w_id].scales = w.scales, c.g[w_id].zero_points = w.zero_points;
  if (w.scales.size() > 1) c.g[w_id].axis = 0;
  const tensor_id in = e.held(*x, false), q = e.make(scalar::s16, {1.0}, {0}),
                  row = e.make(scalar::f32), acc = e.make(scalar::qint32, w.scales, {0}),
                  y = e.make(scalar::f32);
  attributes quantize, keep, scale;
  quantize.set("asymmetric", std::int64_t{1});
  if (reduce_range) quantize.set("reduce_range", std::int64_t{1});
  if (x->rank() != 2) keep.set("keep_dims", std::int64_t{1});
  if (Relu) scale.set("float_lo", 0.);
  if (!e.node("qnn.dynamic_quantize", {in}, {q, row}, std::move(quantize), rounding::ATEN) ||
      !e.node("qnn.fully_connected", {q, w_id}, {acc}, std::move(keep)))
    return value::unknown();
  if (w.scales.size() > 1) c.g[acc].axis = c.g[acc].shape.rank - 1;
  std::vector<tensor_id> from{acc, row};
  if (p->bias) from.push_back(e.constant_of<float>("", c.numbers<float>(*p->bias)));
  if (!e.node("qnn.dynamic_dequantize", std::move(from), {y}, std::move(scale), rounding::ATEN))
    return value::unknown();
  return e.wrap(y, scalar::f32, false, false);
}
/// to(x, dtype): only to the type it has.
inline value to(emitter& e, arguments& a) {
  tensor_data* x = e.tensor(a, 0);
  if (!x) return value::unknown();
  if (a.v[1].is(kind::integer) && a.v[1].i == static_cast<std::int64_t>(x->type)) return a.v[0];
  return e.c.unsupported_here("a change of element type by " + a.name,
                              a.v[1].is(kind::integer)
                                  ? std::to_string(a.v[1].i)
                                  : std::string(torchscript::name_of(a.v[1].what)),
                              "the same type");
}

}  // namespace torchscript::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_NORM_HPP_
