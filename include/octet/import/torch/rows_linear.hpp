// Rows with weights: convolutions, linear, the packed parameters behind them; quantize and
// dequantize.
#ifndef OCTET_IMPORT_TORCH_ROWS_LINEAR_HPP_
#define OCTET_IMPORT_TORCH_ROWS_LINEAR_HPP_

#include "octet/import/torch/emit.hpp"

OCTET_NAMESPACE_BEGIN
namespace torchscript::rows {

// ---- packed parameters ----

inline bool list_of_integers(emitter& e, const value& v, std::vector<std::int64_t>& to) {
  to.clear();
  if (v.is(kind::integer))
    to.push_back(v.i);
  else if (!read_integers(v, to))
    return e.c.fail(malformed("packed parameters: a list of integers",
                              std::string(torchscript::name_of(v.what)))),
           false;
  return true;
}
/// Checks what every form must satisfy.
inline value checked(emitter& e, packed_data p) {
  if (e.c.failed()) return value::unknown();
  const tensor_data* w = p.weight;
  if (!w || w->type != scalar::qint8)
    return e.c.unsupported_here("weights of packed parameters",
                                w ? std::string(torchscript::name_of(w->type)) : "none", "qint8");
  if (p.bias && p.bias->type != scalar::f32)
    return e.c.unsupported_here("bias of packed parameters",
                                std::string(torchscript::name_of(p.bias->type)), "float32");
  if (p.linear)
    return w->rank() == 2
               ? e.c.values.packed(std::move(p))
               : e.c.fail(malformed("rank of linear weights", std::to_string(w->rank()), "2"));
  const auto n = static_cast<std::size_t>(p.spatial);
  if (p.spatial == 3 || w->rank() == 5)
    return e.c.unsupported_here("3-dimensional convolution", {}, "conv1d, conv2d");
  if (p.stride.size() != n || p.padding.size() != n || p.dilation.size() != n ||
      (p.transposed && p.output_padding.size() != n))
    return e.c.fail(malformed("packed parameters: numbers of strides, paddings and dilations"));
  for (const auto* list : {&p.stride, &p.padding, &p.dilation, &p.output_padding})
    for (std::int64_t v : *list)
      if (v < 0 || v > (1 << 24))
        return e.c.fail(
            malformed("packed parameters: stride, padding or dilation", std::to_string(v)));
  if (p.groups < 1 || p.groups > (1 << 24))
    return e.c.fail(malformed("packed parameters: groups", std::to_string(p.groups)));
  if (w->rank() != p.spatial + 2)
    return e.c.fail(malformed("rank of convolution weights", std::to_string(w->rank()),
                              std::to_string(p.spatial + 2)));
  return e.c.values.packed(std::move(p));
}
/// The int list every serialized form is made of: [spatial, stride.., padding.., dilation..,
/// output_padding.., groups, flags].
inline bool read_config(emitter& e, const std::vector<std::int64_t>& cfg, packed_data& p) {
  const std::int64_t k = cfg.empty() ? 0 : cfg[0];
  if (k < 1 || k > 3 || cfg.size() != static_cast<std::size_t>(1 + 4 * k + 2))
    return e.c.fail(malformed("packed parameters: configuration of " + std::to_string(cfg.size()) +
                              " numbers")),
           false;
  p.spatial = static_cast<std::int32_t>(k);
  auto at = cfg.begin() + 1;
  for (auto* list : {&p.stride, &p.padding, &p.dilation, &p.output_padding}) {
    list->assign(at, at + k);
    at += k;
  }
  p.groups = *at++;
  p.transposed = (*at & 1) != 0;
  return true;
}
/// From the state of a torchbind object. Convolutions: version 2 ('2', [configuration, weight],
/// [bias]), version 1 (weight, bias, [stride], [padding], [dilation], groups; each number a
/// tensor), version 3 (3, configuration, [none, weight, bias]). Linear: (weight, bias).
inline value unpack(emitter& e, cell& object) {
  if (const auto it = object.attrs.find("#packed"); it != object.attrs.end()) return it->second;
  context& c = e.c;
  const std::string name(last_name(object.text));
  if (object.items.empty() || !object.items[0].is(kind::tuple))
    return c.fail(malformed("packed parameters without state", name));
  const auto& s = object.items[0].c->items;
  packed_data p;
  p.path = object.path;
  const auto optional_tensor = [&](const value& v) -> const tensor_data* {
    if (v.is(kind::tensor)) return v.t;
    if (!v.is(kind::none))
      c.fail(malformed("packed parameters: a tensor", std::string(torchscript::name_of(v.what))));
    return nullptr;
  };
  if (name == "LinearPackedParamsBase") {
    if (s.size() != 2 || !s[0].is(kind::tensor)) return c.fail(malformed("state of " + name));
    p.linear = true;
    p.weight = s[0].t;
    p.bias = optional_tensor(s[1]);
  } else if (name == "Conv2dPackedParamsBase" || name == "Conv3dPackedParamsBase") {
    std::vector<std::int64_t> cfg;
    if (s.size() == 3 && s[0].is(kind::string) && s[0].c->text == "2" && s[1].is(kind::list) &&
        s[2].is(kind::list) && s[1].c->items.size() == 2 && s[2].c->items.size() == 1 &&
        s[1].c->items[0].is(kind::tensor)) {
      for (std::int16_t v : c.numbers<std::int16_t>(*s[1].c->items[0].t)) cfg.push_back(v);
      p.weight = optional_tensor(s[1].c->items[1]);
      p.bias = optional_tensor(s[2].c->items[0]);
      if (c.failed() || !read_config(e, cfg, p)) return value::unknown();
    } else if (s.size() == 3 && s[0].is(kind::integer) && s[0].i == 3 && s[2].is(kind::list) &&
               s[2].c->items.size() == 3) {
      if (!list_of_integers(e, s[1], cfg) || !read_config(e, cfg, p)) return value::unknown();
      p.weight = optional_tensor(s[2].c->items[1]);
      p.bias = optional_tensor(s[2].c->items[2]);
    } else if (s.size() == 6 && s[0].is(kind::tensor)) {
      p.weight = s[0].t;
      p.bias = optional_tensor(s[1]);
      std::vector<std::int64_t>* lists[] = {&p.stride, &p.padding, &p.dilation};
      for (std::size_t k = 0; k < 3; ++k) {
        if (!s[2 + k].is_sequence()) return c.fail(malformed("state of " + name));
        for (const value& v : s[2 + k].c->items) {
          const value n = v.is(kind::tensor) ? c.scalar_of(*v.t) : v;
          if (c.failed() || !n.is(kind::integer)) return c.fail(malformed("state of " + name));
          lists[k]->push_back(n.i);
        }
      }
      const value g = s[5].is(kind::tensor) ? c.scalar_of(*s[5].t) : s[5];
      if (c.failed() || !g.is(kind::integer)) return c.fail(malformed("state of " + name));
      p.groups = g.i;
      p.spatial = static_cast<std::int32_t>(p.stride.size());
    } else {
      return c.fail(malformed("state of " + name, std::to_string(s.size()) + " elements",
                              "versions 1, 2 and 3"));
    }
  } else {
    return c.unsupported_here("packed parameters", name,
                              "LinearPackedParamsBase, Conv2dPackedParamsBase");
  }
  const value v = checked(e, std::move(p));
  if (!c.failed()) object.attrs["#packed"] = v;
  return v;
}
inline packed_data* packed(emitter& e, arguments& a, std::size_t i) {
  value v = a.v[i];
  if (v.is(kind::object) && is_packed_class(v.c->text)) v = unpack(e, *v.c);
  if (v.is(kind::packed)) return v.p;
  if (!e.c.failed()) e.wrong(a, i, "packed parameters");
  return nullptr;
}
/// ops.quantized.conv2d_prepack and its relatives, called by __setstate__.
inline value prepack(emitter& e, arguments& a) {
  packed_data p;
  p.linear = a.name == "quantized::linear_prepack";
  p.transposed = a.name.find("transpose") != std::string::npos;
  p.spatial = a.name.find("1d") != std::string::npos   ? 1
              : a.name.find("3d") != std::string::npos ? 3
                                                       : 2;
  p.weight = e.tensor(a, 0);
  if (!e.none(a, 1)) p.bias = e.tensor(a, 1);
  if (!p.linear) {
    p.stride = e.integers(a, 2);
    p.padding = e.integers(a, 3);
    if (p.transposed) p.output_padding = e.integers(a, 4);
    p.dilation = e.integers(a, p.transposed ? 5 : 4);
    p.groups = e.integer(a, p.transposed ? 6 : 5);
  }
  return checked(e, std::move(p));
}

// ---- accumulate, requantize ----

/// Weights and bias as PyTorch's kernels use them: aw[c] = f32(sx * sw[c]).
inline std::vector<double> accumulator_scales(const tensor_data& x, const octet::tensor& w) {
  std::vector<double> s;
  for (double v : w.scales)
    s.push_back(
        static_cast<double>(numerics::mul(static_cast<float>(x.scales[0]), static_cast<float>(v))));
  return s;
}
/// The bias of the law: FBGEMM keeps the float (input 1 of requantize), QNNPACK rounds rint(f32(b *
/// f32(1 / aw))) to int32 (input 2 of the convolution).
struct bias_tensor {
  tensor_id integer = no_tensor, real = no_tensor;
};
inline bias_tensor make_bias(emitter& e, const packed_data& p, const std::vector<double>& aw,
                             std::size_t channels) {
  bias_tensor b;
  if (!p.bias) return b;
  const auto v = e.c.numbers<float>(*p.bias);
  if (e.c.failed()) return b;
  if (v.size() != channels) {
    e.c.invalid_here("number of biases", std::to_string(v.size()), std::to_string(channels));
    return b;
  }
  if (!e.qnnpack()) {
    b.real = e.constant_of<float>("", v);
    return b;
  }
  std::vector<std::int32_t> q;
  for (std::size_t i = 0; i < v.size(); ++i)
    q.push_back(numerics::clamp_to_int(
        static_cast<double>(numerics::rint(numerics::mul(
            v[i], numerics::div(1.f, static_cast<float>(aw.size() == 1 ? aw[0] : aw[i]))))),
        INT32_MIN, INT32_MAX));
  b.integer = e.constant_of<std::int32_t>("", q);
  return b;
}
/// `op` on x and w into int32, then requantize with the law's rounding. Returns the quantized
/// tensor's id.
inline tensor_id accumulate(emitter& e, std::string_view op, tensor_data& x, tensor_id x_id,
                            tensor_id w_id, const packed_data& p, attributes attrs,
                            std::size_t channels, double scale, std::int64_t zero_point,
                            bool relu) {
  context& c = e.c;
  if (c.failed()) return no_tensor;
  if (!(scale > 0) || zero_point < lowest_of(dtype_of_scalar(x.type)) ||
      zero_point > highest_of(dtype_of_scalar(x.type))) {
    c.invalid_here("output scale or zero point of " + e.operator_name(),
                   std::to_string(scale) + ", " + std::to_string(zero_point));
    return no_tensor;
  }
  const auto aw = accumulator_scales(x, c.g[w_id]);
  const auto bias = make_bias(e, p, aw, channels);
  const tensor_id acc = e.make(scalar::qint32, aw, {});
  const tensor_id y = e.make(x.type, {scale}, {static_cast<std::int32_t>(zero_point)});
  c.g[acc].zero_points.assign(1, 0);
  std::vector<tensor_id> in{x_id, w_id};
  if (bias.integer != no_tensor) in.push_back(bias.integer);
  if (!e.node(op, std::move(in), {acc}, std::move(attrs))) return no_tensor;
  if (aw.size() > 1) c.g[acc].axis = c.g[acc].shape.rank - 1;
  attributes clamp;
  if (relu) clamp.set("clamp_lo", zero_point);
  std::vector<tensor_id> from{acc};
  if (bias.real != no_tensor) from.push_back(bias.real);
  if (!e.node("qnn.requantize", std::move(from), {y}, std::move(clamp),
              e.qnnpack() ? rounding::EVEN_MUL : rounding::FB))
    return no_tensor;
  return y;
}

/// Weights in octet's order. Logical [O, I/g, kh, kw] (transposed: [I, O/g, kh, kw]); conv1d has no
/// kh, or kh = 1.
inline tensor_id conv_weights(emitter& e, const packed_data& p, bool depthwise) {
  context& c = e.c;
  tensor_data w = *p.weight;
  if (w.rank() == 3) {
    w.size.insert(w.size.begin() + 2, 1);
    w.stride.insert(w.stride.begin() + 2, 0);
    if (w.axis == 2) w.axis = 3;
  }
  if (!c.resolve_channels(w)) return no_tensor;
  if (w.scales.size() > 1 && w.axis != (p.transposed ? 1 : 0)) {
    c.unsupported_here("per-channel weights on axis " + std::to_string(w.axis), {},
                       "the output channels");
    return no_tensor;
  }
  constexpr int plain[] = {0, 2, 3, 1}, by_channel[] = {1, 2, 3, 0}, transposed[] = {0, 2, 3, 4, 1};
  const int* order = depthwise ? by_channel : p.transposed ? transposed : plain;
  dims shape;
  if (p.transposed) {  // [g * I/g, O/g, kh, kw] seen as [g, I/g, O/g, kh, kw], taken as [g, O/g,
                       // kh, kw, I/g]
    const std::int64_t inputs = w.size[0] / p.groups;
    w.size.insert(w.size.begin(), p.groups);
    w.stride.insert(w.stride.begin(), w.stride[0] * inputs);
    w.size[1] = inputs;
    shape =
        dims{static_cast<std::int32_t>(p.groups * w.size[2]), static_cast<std::int32_t>(w.size[3]),
             static_cast<std::int32_t>(w.size[4]), static_cast<std::int32_t>(inputs)};
  } else {
    for (int i = 0; i < 4; ++i)
      shape.push_back(static_cast<std::int32_t>(w.size[static_cast<std::size_t>(order[i])]));
  }
  const tensor_id id = c.g.add_constant(
      "", dtype::s8, shape, c.elements(w, std::span<const int>(order, p.transposed ? 5 : 4)));
  octet::tensor& t = c.g[id];
  t.scales = w.scales;
  t.zero_points = w.zero_points;
  if (w.scales.size() > 1) t.axis = depthwise ? 3 : 0;
  return id;
}

template <int Spatial, bool Relu, bool Transposed> value conv(emitter& e, arguments& a) {
  context& c = e.c;
  tensor_data* x = e.tensor(a, 0);
  packed_data* p = packed(e, a, 1);
  const double scale = e.real(a, 2);
  const std::int64_t zero_point = e.integer(a, 3);
  if (c.failed() || !x || !p || !e.per_tensor(*x)) return value::unknown();
  if (p->linear || p->transposed != Transposed)
    return c.invalid_here("packed parameters of another operator in " + a.name);
  if (x->rank() != Spatial + 2)
    return c.invalid_here("rank of the input of " + a.name, std::to_string(x->rank()),
                          std::to_string(Spatial + 2));
  // conv1d runs as conv2d on one row; its parameters were packed either way.
  const bool one = Spatial == 1;
  const auto last = p->stride.size() - 1;
  const auto number = [&](const std::vector<std::int64_t>& v, bool h, std::int64_t otherwise) {
    return static_cast<std::int32_t>(h ? (one ? otherwise : v[0]) : v[last]);
  };
  tensor_id in = e.held(*x, true);
  if (c.failed()) return value::unknown();
  if (one) {
    const dims s = c.g[in].shape;
    const tensor_id to = e.make(x->type, x->scales, x->zero_points);
    attributes r;
    r.set("shape", std::vector<std::int64_t>{s[0], 1, s[1], s[2]});
    if (!e.node("reshape", {in}, {to}, std::move(r))) return value::unknown();
    in = to;
  }
  const std::int64_t channels_in = x->size[1], first = p->weight->size[0],
                     second = p->weight->size[1];
  const std::int64_t channels_out = Transposed ? second * p->groups : first;
  if ((Transposed ? first : second * p->groups) != channels_in || channels_in % p->groups != 0)
    return c.invalid_here("input channels of " + a.name, std::to_string(channels_in),
                          std::to_string(Transposed ? first : second * p->groups));
  const bool depthwise = !Transposed && second == 1 && p->groups == channels_in &&
                         channels_in > 1 && channels_out % channels_in == 0;
  const tensor_id w = conv_weights(e, *p, depthwise);
  if (c.failed()) return value::unknown();
  attributes attrs;
  const auto set = [&](const char* key, std::int32_t v, std::int32_t otherwise) {
    if (v != otherwise) attrs.set(key, std::int64_t{v});
  };
  set("stride_h", number(p->stride, true, 1), 1), set("stride_w", number(p->stride, false, 1), 1);
  set("dilation_h", number(p->dilation, true, 1), 1),
      set("dilation_w", number(p->dilation, false, 1), 1);
  const std::int32_t ph = number(p->padding, true, 0), pw = number(p->padding, false, 0);
  set("pad_top", ph, 0), set("pad_bottom", ph, 0), set("pad_left", pw, 0), set("pad_right", pw, 0);
  if (Transposed)
    set("output_padding_h", number(p->output_padding, true, 0), 0),
        set("output_padding_w", number(p->output_padding, false, 0), 0);
  if (!depthwise && p->groups != 1) attrs.set("groups", p->groups);
  tensor_id y = accumulate(e,
                           Transposed  ? "qnn.transpose_conv2d"
                           : depthwise ? "qnn.depthwise_conv2d"
                                       : "qnn.conv2d",
                           *x, in, w, *p, std::move(attrs), static_cast<std::size_t>(channels_out),
                           scale, zero_point, Relu);
  if (c.failed() || y == no_tensor) return value::unknown();
  if (one) {
    const dims s = c.g[y].shape;
    const tensor_id to = e.make(x->type, c.g[y].scales, c.g[y].zero_points);
    attributes r;
    r.set("shape", std::vector<std::int64_t>{s[0], s[2], s[3]});
    if (!e.node("reshape", {y}, {to}, std::move(r))) return value::unknown();
    y = to;
  }
  return e.wrap(y, x->type, true,
                true);  // convolutions give channels-last results, whatever they are given
}

template <bool Relu> value linear(emitter& e, arguments& a) {
  context& c = e.c;
  tensor_data* x = e.tensor(a, 0);
  packed_data* p = packed(e, a, 1);
  const double scale = e.real(a, 2);
  const std::int64_t zero_point = e.integer(a, 3);
  if (c.failed() || !x || !p || !e.per_tensor(*x)) return value::unknown();
  if (!p->linear) return c.invalid_here("packed parameters of another operator in " + a.name);
  if (x->rank() < 1 || x->size.back() != p->weight->size[1])
    return c.invalid_here("features of the input of " + a.name,
                          x->rank() < 1 ? "none" : std::to_string(x->size.back()),
                          std::to_string(p->weight->size[1]));
  tensor_data w = *p->weight;
  const tensor_id w_id = [&] {
    if (!c.resolve_channels(w)) return no_tensor;
    if (w.scales.size() > 1 && w.axis != 0) {
      c.unsupported_here("per-channel weights on axis " + std::to_string(w.axis), {}, "0");
      return no_tensor;
    }
    const tensor_id id = c.g.add_constant("", dtype::s8, e.ir_shape(w.size, false), c.elements(w));
    c.g[id].scales = w.scales;
    c.g[id].zero_points = w.zero_points;
    if (w.scales.size() > 1) c.g[id].axis = 0;
    return id;
  }();
  const tensor_id in = e.held(*x, false);
  if (c.failed()) return value::unknown();
  attributes attrs;
  if (x->rank() != 2) attrs.set("keep_dims", std::int64_t{1});
  const tensor_id y = accumulate(e, "qnn.fully_connected", *x, in, w_id, *p, std::move(attrs),
                                 static_cast<std::size_t>(w.size[0]), scale, zero_point, Relu);
  return c.failed() ? value::unknown() : e.wrap(y, x->type, false, false);
}

// ---- quantize, dequantize ----

inline value quantize_per_tensor(emitter& e, arguments& a) {
  context& c = e.c;
  tensor_data* x = e.tensor(a, 0);
  const double scale = e.real(a, 1);
  const std::int64_t zero_point = e.integer(a, 2), code = e.integer(a, 3);
  if (c.failed() || !x) return value::unknown();
  if (x->type != scalar::f32)
    return c.unsupported_here("input of quantize_per_tensor",
                              std::string(torchscript::name_of(x->type)), "float32");
  if (code != 12 && code != 13)
    return c.unsupported_here("element type of quantize_per_tensor", std::to_string(code),
                              "12 (qint8), 13 (quint8)");
  const auto type = static_cast<scalar>(code);
  if (!(scale > 0) || zero_point < lowest_of(dtype_of_scalar(type)) ||
      zero_point > highest_of(dtype_of_scalar(type)))
    return c.invalid_here("scale or zero point of quantize_per_tensor",
                          std::to_string(scale) + ", " + std::to_string(zero_point));
  const tensor_id y = e.make(type, {scale}, {static_cast<std::int32_t>(zero_point)});
  const tensor_id in = x->constant() ? e.held(*x, false) : x->id;
  if (!e.node("qnn.quantize", {in}, {y}, {}, rounding::EVEN_MUL)) return value::unknown();
  return e.wrap(y, type, x->channels_inner, suggests_channels_last(*x));
}
inline value dequantize(emitter& e, arguments& a) {
  context& c = e.c;
  if (a.v[0].is_sequence()) {
    std::vector<value> items;
    for (const value& v : a.v[0].c->items) {
      arguments one{a.name, {v}};
      items.push_back(dequantize(e, one));
    }
    return c.values.list(std::move(items), a.v[0].what);
  }
  tensor_data* x = e.tensor(a, 0);
  if (c.failed() || !x) return value::unknown();
  if (!is_quantized(x->type)) return a.v[0];
  const tensor_id in = x->constant() ? e.held(*x, false) : x->id;
  if (c.failed()) return value::unknown();
  const tensor_id y = e.make(scalar::f32);
  if (!e.node("qnn.dequantize", {in}, {y})) return value::unknown();
  return e.wrap(y, scalar::f32, x->channels_inner, suggests_channels_last(*x));
}

}  // namespace torchscript::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_LINEAR_HPP_
