// Rows of element by element operators: add, mul, cat, clamps, scalars.
#ifndef OCTET_IMPORT_TORCH_ROWS_ELEMENTWISE_HPP_
#define OCTET_IMPORT_TORCH_ROWS_ELEMENTWISE_HPP_

#include "octet/import/torch/rows_linear.hpp"

OCTET_NAMESPACE_BEGIN
namespace torchscript::rows {

/// What at::quantize_val gives for one number: rint(v * f32(1 / s)) + z, saturated.
inline std::int32_t quantized_value(double v, const tensor_data& like) {
  const float inverse = numerics::div(1.f, static_cast<float>(like.scales[0]));
  const dtype t = dtype_of_scalar(like.type);
  return numerics::clamp_to_int(
      static_cast<double>(numerics::rint(numerics::mul(static_cast<float>(v), inverse))) +
          like.zero_points[0],
      static_cast<std::int32_t>(lowest_of(t)), static_cast<std::int32_t>(highest_of(t)));
}
inline bool valid_output(emitter& e, const arguments& a, double scale, std::int64_t zero_point,
                         scalar type) {
  if (!e.c.failed() && scale > 0 && scale < 1e30 &&
      zero_point >= lowest_of(dtype_of_scalar(type)) &&
      zero_point <= highest_of(dtype_of_scalar(type)))
    return true;
  if (!e.c.failed())
    e.c.invalid_here("output scale or zero point of " + a.name,
                     std::to_string(scale) + ", " + std::to_string(zero_point));
  return false;
}

/// quantized::add, mul and their relu forms. Elements are taken in PyTorch's memory order: add
/// rounds by position in it.
template <bool Multiply, bool Relu> value binary(emitter& e, arguments& a) {
  context& c = e.c;
  tensor_data *x = e.tensor(a, 0), *y = e.tensor(a, 1);
  const double scale = e.real(a, 2);
  const std::int64_t zero_point = e.integer(a, 3);
  if (c.failed() || !x || !y || !e.per_tensor(*x) || !e.per_tensor(*y) ||
      !valid_output(e, a, scale, zero_point, x->type))
    return value::unknown();
  if (x->type != y->type)
    return c.unsupported_here("operands of " + a.name,
                              std::string(torchscript::name_of(x->type)) + " and " +
                                  std::string(torchscript::name_of(y->type)),
                              "one element type");
  if (x->rank() != y->rank() && (x->rank() > 2 || y->rank() > 2))
    return c.unsupported_here("broadcasting over different ranks in " + a.name,
                              std::to_string(x->rank()) + " and " + std::to_string(y->rank()));
  // A single broadcast pixel (N,C,1,1) is both formats at once: the other operand decides.
  const bool last =
      x->elements() >= y->elements() ? suggests_channels_last(*x) : suggests_channels_last(*y);
  const tensor_id p = e.held(*x, last), q = e.held(*y, last);
  if (c.failed()) return value::unknown();
  const tensor_id to = e.make(x->type, {scale}, {static_cast<std::int32_t>(zero_point)});
  attributes attrs;
  if (Relu) attrs.set("clamp_lo", zero_point);
  const rounding round = Multiply      ? rounding::EVEN_MUL
                         : e.qnnpack() ? rounding::QNN
                                       : rounding::ATEN;
  if (!e.node(Multiply ? "qnn.mul" : "qnn.add", {p, q}, {to}, std::move(attrs), round))
    return value::unknown();
  return e.wrap(to, x->type, last && x->rank() >= 3, last);
}

/// max and min of the codes; qparams stay.
inline value clamp_codes(emitter& e, tensor_data& x, std::int32_t lo, std::int32_t hi,
                         std::string_view op = "qnn.relu") {
  context& c = e.c;
  if (c.failed() || !e.per_tensor(x)) return value::unknown();
  const tensor_id in = x.constant() ? e.held(x, false) : x.id;
  const tensor_id to = e.make(x.type, x.scales, x.zero_points);
  const dtype t = dtype_of_scalar(x.type);
  attributes attrs;
  if (lo > lowest_of(t)) attrs.set("clamp_lo", std::int64_t{lo});
  if (hi < highest_of(t)) attrs.set("clamp_hi", std::int64_t{hi});
  if (!e.node(op, {in}, {to}, std::move(attrs))) return value::unknown();
  return e.wrap(to, x.type, x.channels_inner, suggests_channels_last(x));
}
/// Clamp of plain floats: multiply by 1 with a fused clamp keeps every other value.
inline value clamp_floats(emitter& e, tensor_data& x, double lo, double hi) {
  context& c = e.c;
  if (c.failed()) return value::unknown();
  if (x.type != scalar::f32)
    return c.unsupported_here("element type of " + e.operator_name(),
                              std::string(torchscript::name_of(x.type)), "float32, quint8, qint8");
  const tensor_id in = x.constant() ? e.held(x, false) : x.id;
  const tensor_id one = c.g.add_constant(
      "", dtype::f32, dims{}, constant_data::of(std::span<const float>(std::array<float, 1>{1.f})));
  const tensor_id to = e.make(scalar::f32);
  attributes attrs;
  if (lo > -std::numeric_limits<double>::infinity()) attrs.set("float_lo", lo);
  if (hi < std::numeric_limits<double>::infinity()) attrs.set("float_hi", hi);
  if (!e.node("mul", {in, one}, {to}, std::move(attrs))) return value::unknown();
  return e.wrap(to, scalar::f32, x.channels_inner, suggests_channels_last(x));
}
inline value relu(emitter& e, arguments& a) {
  tensor_data* x = e.tensor(a, 0);
  if (!x) return value::unknown();
  if (!e.quantized(*x)) return clamp_floats(e, *x, 0, std::numeric_limits<double>::infinity());
  return e.per_tensor(*x)
             ? clamp_codes(e, *x, x->zero_points[0],
                           static_cast<std::int32_t>(highest_of(dtype_of_scalar(x->type))))
             : value::unknown();
}
inline value clamp_between(emitter& e, tensor_data& x, double lo, double hi) {
  if (!e.quantized(x)) return clamp_floats(e, x, lo, hi);
  if (!e.per_tensor(x)) return value::unknown();
  return clamp_codes(e, x, quantized_value(lo, x), quantized_value(hi, x));
}
inline value relu6(emitter& e, arguments& a) {
  tensor_data* x = e.tensor(a, 0);
  if (!x) return value::unknown();
  if (e.quantized(*x) && e.per_tensor(*x))
    return clamp_codes(e, *x, x->zero_points[0], quantized_value(6, *x), "qnn.relu6");
  return e.c.failed() ? value::unknown() : clamp_floats(e, *x, 0, 6);
}
/// clamp(x, min?, max?), hardtanh(x, min, max).
inline value clamp(emitter& e, arguments& a) {
  tensor_data* x = e.tensor(a, 0);
  const double lo = e.none(a, 1) ? -std::numeric_limits<double>::infinity() : e.real(a, 1),
               hi = e.none(a, 2) ? std::numeric_limits<double>::infinity() : e.real(a, 2);
  if (e.c.failed() || !x) return value::unknown();
  return clamp_between(e, *x, lo, hi);
}

// ---- functions of one value ----

/// f of the dequantized value, quantized by the reciprocal; floats stay floats. `qnnpack`: the
/// rounding under that law, ATEN where QNNPACK lacks the operator.
inline value unary(emitter& e, tensor_data& x, std::string_view op, double scale,
                   std::int64_t zero_point, attributes attrs = {},
                   rounding qnnpack = rounding::EVEN_MUL) {
  context& c = e.c;
  if (c.failed()) return value::unknown();
  const bool last = suggests_channels_last(x);
  const tensor_id in = e.held(x, last);  // in memory order: values are rounded by position
  if (!e.quantized(x)) {
    if (x.type != scalar::f32)
      return c.unsupported_here("element type of " + e.operator_name(),
                                std::string(torchscript::name_of(x.type)),
                                "float32, quint8, qint8");
    const tensor_id to = e.make(scalar::f32);
    if (!e.node(op, {in}, {to}, std::move(attrs), rounding::ATEN)) return value::unknown();
    return e.wrap(to, scalar::f32, last, last);
  }
  if (!e.per_tensor(x)) return value::unknown();
  const tensor_id to = e.make(x.type, {scale}, {static_cast<std::int32_t>(zero_point)});
  if (!e.node("qnn." + std::string(op), {in}, {to}, std::move(attrs),
              e.qnnpack() ? qnnpack : rounding::ATEN))
    return value::unknown();
  return e.wrap(to, x.type, last, last);
}
/// aten::sigmoid and hardsigmoid on quantized values have a fixed output: 1/256 and the lowest
/// code; tanh: 1/128 and the middle one.
template <bool Tanh> value fixed_unary(emitter& e, arguments& a) {
  tensor_data* x = e.tensor(a, 0);
  if (!x) return value::unknown();
  const bool s8 = x->type == scalar::qint8;
  const std::string_view op = Tanh                                       ? "tanh"
                              : a.name.find("hard") != std::string::npos ? "hard_sigmoid"
                                                                         : "logistic";
  return unary(e, *x, op, Tanh ? 1. / 128 : 1. / 256, Tanh ? (s8 ? 0 : 128) : (s8 ? -128 : 0));
}
/// Output scale and zero point are arguments `at` and `at` + 1.
inline value given_unary(emitter& e, arguments& a, std::string_view op, std::size_t at,
                         attributes attrs = {}, rounding qnnpack = rounding::EVEN_MUL) {
  tensor_data* x = e.tensor(a, 0);
  const double scale = e.real(a, at);
  const std::int64_t zero_point = e.integer(a, at + 1);
  if (!x || !e.quantized(*x) || !valid_output(e, a, scale, zero_point, x->type))
    return e.c.failed()
               ? value::unknown()
               : e.c.unsupported_here("input of " + a.name,
                                      std::string(torchscript::name_of(x->type)), "quint8, qint8");
  return unary(e, *x, op, scale, zero_point, std::move(attrs), qnnpack);
}
inline value hardswish(emitter& e, arguments& a) {
  return given_unary(e, a, "hard_swish", 1, {}, rounding::XNN);
}  // its table adds the zero point before it rounds
inline value quantized_sigmoid(emitter& e, arguments& a) {
  return given_unary(e, a, "logistic", 1);
}
inline value leaky_relu(emitter& e, arguments& a) {
  attributes attrs;
  attrs.set("alpha", e.real(a, 1));
  return given_unary(e, a, "leaky_relu", 3, std::move(attrs), rounding::ATEN);
}
inline value elu(emitter& e, arguments& a) {
  attributes attrs;
  const double alpha = e.real(a, 3);
  if (alpha != 1) attrs.set("alpha", alpha);
  if (e.real(a, 4) != 1 || e.real(a, 5) != 1)
    return e.c.unsupported_here("scale or input_scale of " + a.name, {}, "1");
  return given_unary(e, a, "elu", 1, std::move(attrs), rounding::ATEN);
}
inline value float_unary(emitter& e, arguments& a) {
  tensor_data* x = e.tensor(a, 0);
  if (!x || e.quantized(*x))
    return e.c.failed() ? value::unknown()
                        : e.c.unsupported_here(a.name + " of a quantized tensor");
  return unary(
      e, *x, a.name == "aten::hardswish" ? "hard_swish" : std::string_view(a.name).substr(6), 1, 0);
}
/// Slopes are quantized too, one per channel.
inline value prelu(emitter& e, arguments& a) {
  context& c = e.c;
  tensor_data *x = e.tensor(a, 0), *w = e.tensor(a, 1);
  const double scale = e.real(a, 2);
  const std::int64_t zero_point = e.integer(a, 3);
  if (!x || !w || !e.per_tensor(*x) || !e.per_tensor(*w, "slopes") ||
      !valid_output(e, a, scale, zero_point, x->type))
    return value::unknown();
  const std::int64_t n = w->elements();
  if (!w->constant() || w->rank() > 1 || (n != 1 && (x->rank() < 2 || n != x->size[1])))
    return c.unsupported_here("slopes of " + a.name, std::to_string(n),
                              "constants, one or one per channel");
  const bool inner = n != 1 && x->rank() >= 3;
  const tensor_id in = inner           ? e.held(*x, true)
                       : x->constant() ? e.held(*x, false)
                                       : x->id,
                  slopes = e.held(*w, false),
                  to = e.make(x->type, {scale}, {static_cast<std::int32_t>(zero_point)});
  if (!e.node("qnn.prelu", {in, slopes}, {to}, {}, rounding::EVEN_MUL)) return value::unknown();
  return e.wrap(to, x->type, inner || x->channels_inner, suggests_channels_last(*x));
}
/// quantized::softmax, and softmax and log_softmax of floats.
inline value softmax(emitter& e, arguments& a) {
  context& c = e.c;
  tensor_data* x = e.tensor(a, 0);
  std::int64_t axis = e.integer(a, 1);
  if (!x || c.failed()) return value::unknown();
  if (axis < 0) axis += x->rank();
  if (axis < 0 || axis >= x->rank())
    return c.invalid_here("axis of " + a.name, std::to_string(axis));
  const tensor_id in = e.held(*x, false);
  attributes attrs;
  attrs.set("axis", axis);
  if (a.name != "quantized::softmax") {
    if (x->type != scalar::f32 || !(e.none(a, 2) || e.integer(a, 2) == 6))
      return c.unsupported_here("element type of " + a.name,
                                std::string(torchscript::name_of(x->type)), "float32");
    const tensor_id to = e.make(scalar::f32);
    if (!e.node(a.name == "aten::log_softmax" ? "log_softmax" : "softmax", {in}, {to},
                std::move(attrs)))
      return value::unknown();
    return e.wrap(to, scalar::f32, false, false);
  }
  const double scale = e.real(a, 2);
  const std::int64_t zero_point = e.integer(a, 3);
  if (!e.per_tensor(*x) || !valid_output(e, a, scale, zero_point, x->type)) return value::unknown();
  const tensor_id to = e.make(x->type, {scale}, {static_cast<std::int32_t>(zero_point)});
  if (!e.node("qnn.softmax", {in}, {to}, std::move(attrs), rounding::EVEN_MUL))
    return value::unknown();
  return e.wrap(to, x->type, false, false);
}

/// quantized::cat(list, dim, scale, zero_point): every input is dequantized and quantized, also
/// where nothing changes. aten::cat: the first input's qparams.
template <bool Given, bool Relu> value cat(emitter& e, arguments& a) {
  context& c = e.c;
  if (!a.v[0].is_sequence() || a.v[0].c->items.empty())
    return c.invalid_here("the list of " + a.name);
  std::int64_t dim = e.integer(a, 1);
  std::vector<tensor_data*> in;
  bool last = true;
  for (const value& v : a.v[0].c->items) {
    if (!v.is(kind::tensor))
      return c.unsupported_here("an element of the list of " + a.name,
                                std::string(torchscript::name_of(v.what)), "Tensor");
    in.push_back(v.t);
    last &= suggests_channels_last(*v.t);
    if (v.t->type != in[0]->type || v.t->rank() != in[0]->rank())
      return c.unsupported_here("types or ranks in the list of " + a.name);
  }
  const int rank = in[0]->rank();
  if (dim < 0) dim += rank;
  if (c.failed() || dim < 0 || dim >= rank)
    return c.invalid_here("axis of " + a.name, std::to_string(dim));
  const bool quantized = e.quantized(*in[0]);
  if (!quantized && in[0]->type != scalar::f32)
    return c.unsupported_here("element type of " + a.name,
                              std::string(torchscript::name_of(in[0]->type)),
                              "float32, quint8, qint8");
  std::vector<tensor_id> ids;
  for (tensor_data* t : in) {
    if (quantized && !e.per_tensor(*t)) return value::unknown();
    ids.push_back(e.held(*t, last));
  }
  if (c.failed()) return value::unknown();
  std::vector<double> scales;
  std::vector<std::int32_t> zeros;
  if (quantized) {
    scales = in[0]->scales, zeros = in[0]->zero_points;
    if (Given && !(e.none(a, 2) && e.none(a, 3))) {
      const double s = e.real(a, 2);
      const std::int64_t z = e.integer(a, 3);
      if (!valid_output(e, a, s, z, in[0]->type)) return value::unknown();
      scales = {s}, zeros = {static_cast<std::int32_t>(z)};
    }
  }
  const tensor_id to = e.make(in[0]->type, scales, zeros);
  attributes attrs;
  attrs.set("axis", std::int64_t{emitter::ir_axis(static_cast<int>(dim), rank, last)});
  if (Relu && !zeros.empty()) attrs.set("clamp_lo", std::int64_t{zeros[0]});
  if (!e.node(quantized ? "qnn.concat" : "concat", std::move(ids), {to}, std::move(attrs),
              quantized ? rounding::EVEN_MUL : rounding::none))
    return value::unknown();
  return e.wrap(to, in[0]->type, last, last);
}

/// x + s: the codes stay and the zero point moves, where it can; otherwise the zero point stops at
/// the end of the range, the scale widens, and the codes are requantized.
template <bool Relu> value add_scalar(emitter& e, arguments& a) {
  context& c = e.c;
  tensor_data* x = e.tensor(a, 0);
  const double number = e.real(a, 1);
  if (c.failed() || !x || !e.per_tensor(*x)) return value::unknown();
  const double s = x->scales[0];
  const std::int64_t z = x->zero_points[0], lo = lowest_of(dtype_of_scalar(x->type)),
                     hi = highest_of(dtype_of_scalar(x->type));
  const double steps = numerics::rint(numerics::div(number, s));
  if (!(steps > -1e9 && steps < 1e9))
    return c.invalid_here("number added by " + a.name, std::to_string(number));
  const std::int64_t moved = z - static_cast<std::int64_t>(steps);
  const tensor_id in = x->constant() ? e.held(*x, false) : x->id;
  if (moved >= lo && moved <= hi) {
    tensor_data y = *x;
    y.zero_points = {static_cast<std::int32_t>(moved)};
    const tensor_id to = e.make(x->type, {s}, y.zero_points);
    if (!e.node("identity", {in}, {to})) return value::unknown();
    const value v = e.wrap(to, x->type, x->channels_inner, suggests_channels_last(*x));
    if (!Relu || c.failed()) return v;
    return clamp_codes(e, *v.t, static_cast<std::int32_t>(moved), static_cast<std::int32_t>(hi));
  }
  const double wider =
      moved < lo
          ? numerics::mul(
                numerics::div(static_cast<double>(hi - moved), static_cast<double>(hi - lo)), s)
          : numerics::mul(
                numerics::div(static_cast<double>(moved - lo), static_cast<double>(hi - lo)), s);
  const auto zero = static_cast<std::int32_t>(moved < lo ? lo : hi);
  const tensor_id to = e.make(x->type, {wider}, {zero});
  attributes attrs;
  attrs.set("offset", static_cast<std::int64_t>(steps));
  if (Relu) attrs.set("clamp_lo", std::int64_t{zero});
  if (!e.node("qnn.requantize", {in}, {to}, std::move(attrs), rounding::EVEN_MUL))
    return value::unknown();
  return e.wrap(to, x->type, x->channels_inner, suggests_channels_last(*x));
}
/// x * s: only scale and zero point change; a negative number mirrors the codes, 0 clears them.
template <bool Relu> value mul_scalar(emitter& e, arguments& a) {
  context& c = e.c;
  tensor_data* x = e.tensor(a, 0);
  const double number = e.real(a, 1);
  if (c.failed() || !x || !e.per_tensor(*x)) return value::unknown();
  const std::int64_t lo = lowest_of(dtype_of_scalar(x->type)),
                     hi = highest_of(dtype_of_scalar(x->type));
  const tensor_id in = x->constant() ? e.held(*x, false) : x->id;
  const bool last = suggests_channels_last(*x);
  const double scale =
      number == 0 ? 1.0 : numerics::mul(x->scales[0], number < 0 ? -number : number);
  const std::int64_t zero = number > 0   ? x->zero_points[0]
                            : number < 0 ? hi + lo - x->zero_points[0]
                                         : 0;
  if (!valid_output(e, a, scale, zero, x->type)) return value::unknown();
  const tensor_id to = e.make(x->type, {scale}, {static_cast<std::int32_t>(zero)});
  attributes attrs;
  if (number == 0) attrs.set("clamp_lo", std::int64_t{0}), attrs.set("clamp_hi", std::int64_t{0});
  if (number < 0) attrs.set("negate", std::int64_t{1});
  // The mirrored codes: -(q - z) in steps of the same size, so the scale is read as the output's.
  tensor_id from = in;
  if (number < 0) {
    from = e.make(x->type, {scale}, x->zero_points);
    if (!e.node("identity", {in}, {from})) return value::unknown();
  }
  if (number > 0 ? !e.node("identity", {from}, {to})
                 : !e.node("qnn.requantize", {from}, {to}, std::move(attrs), rounding::F))
    return value::unknown();
  const value v = e.wrap(to, x->type, x->channels_inner, last);
  if (!Relu || c.failed()) return v;
  return clamp_codes(e, *v.t, v.t->zero_points[0], static_cast<std::int32_t>(hi));
}

/// add, sub, mul of plain floats.
template <int Kind> value float_binary(emitter& e, arguments& a) {
  context& c = e.c;
  constexpr std::string_view op = Kind == 0 ? "add" : Kind == 1 ? "sub" : "mul";
  if (Kind < 2 && e.real(a, 2) != 1)
    return c.unsupported_here("alpha of " + a.name, std::to_string(e.real(a, 2)), "1");
  const auto operand = [&](std::size_t i) -> tensor_data* {
    if (!a.v[i].is(kind::tensor)) {
      const auto number = static_cast<float>(e.real(a, i));
      if (c.failed()) return nullptr;
      const tensor_id id =
          c.g.add_constant("", dtype::f32, dims{},
                           constant_data::of(std::span<const float>(std::array<float, 1>{number})));
      return e.wrap(id, scalar::f32, false, false).t;
    }
    tensor_data* t = a.v[i].t;
    if (t->constant() && t->rank() == 0 &&
        t->type != scalar::f32) {  // a traced number: it takes the other operand's type
      const value number = c.scalar_of(*t);
      if (c.failed()) return nullptr;
      const float v =
          number.is(kind::integer) ? static_cast<float>(number.i) : static_cast<float>(number.d);
      return e
          .wrap(
              c.g.add_constant("", dtype::f32, dims{},
                               constant_data::of(std::span<const float>(std::array<float, 1>{v}))),
              scalar::f32, false, false)
          .t;
    }
    if (t->type != scalar::f32) {
      c.unsupported_here("element type of " + a.name, std::string(torchscript::name_of(t->type)),
                         "float32");
      return nullptr;
    }
    return t;
  };
  tensor_data *x = operand(0), *y = operand(1);
  if (c.failed() || !x || !y) return value::unknown();
  const bool last =
      x->elements() >= y->elements() ? suggests_channels_last(*x) : suggests_channels_last(*y);
  const bool inner = last && x->rank() == y->rank();
  const tensor_id p = e.held(*x, inner), q = e.held(*y, inner), to = e.make(scalar::f32);
  if (!e.node(op, {p, q}, {to})) return value::unknown();
  return e.wrap(to, scalar::f32, inner, last);
}

}  // namespace torchscript::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_ELEMENTWISE_HPP_
