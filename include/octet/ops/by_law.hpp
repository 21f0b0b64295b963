// A node as laws see it: from descriptions and attributes to the facts that decide its rounding.
#ifndef OCTET_OPS_BY_LAW_HPP_
#define OCTET_OPS_BY_LAW_HPP_

#include "octet/laws/activation.hpp"
#include "octet/ops/op.hpp"

OCTET_COLD_NAMESPACE_BEGIN

OCTET_COLD constexpr laws::operand operand_of(const tensor_desc& t) {
  // Quantized per channel, also along an axis of one.
  const bool per_channel = t.per_channel() || (t.scales.size() == 1 && t.axis >= 0 &&
                                               t.axis < t.shape.rank && t.shape[t.axis] == 1);
  return {t.type, t.shape, t.scales.empty() ? 0 : t.scales[0], t.zero_point(), per_channel};
}

/// Attributes that an operator does not have are absent and keep their defaults. f.x must be set.
OCTET_COLD constexpr void set_attributes(laws::facts& f, const attribute_view& a) {
  f.alpha = a.real("alpha");
  f.beta = a.real("beta", 1);
  f.offset = a.integer("offset");
  f.out_h = a.integer("out_h"), f.out_w = a.integer("out_w");
  for (std::int64_t axis : a.integers("axes"))
    f.axes.push_back(static_cast<std::int32_t>(axis < 0 ? axis + f.x.shape.rank : axis));
  for (const char* side : {"pad_top", "pad_left", "pad_bottom", "pad_right"})
    f.pool.padded |= a.integer(side) != 0;
  f.pool.counts_padding = a.integer("count_include_pad") != 0;
  f.pool.ceil_mode = a.integer("ceil_mode") != 0;
  f.pool.own_divisor = a.integer("divisor") != 0;
  for (const auto& [window, stride] :
       {std::pair{"window_h", "stride_h"}, std::pair{"window_w", "stride_w"}})
    f.pool.leaves_gaps |= a.integer(window) != 0 && a.integer(stride, 1) > a.integer(window);
  f.pool.adaptive_h = static_cast<std::int32_t>(a.integer("adaptive_h"));
  f.pool.adaptive_w = static_cast<std::int32_t>(a.integer("adaptive_w"));
}
/// Only what the IR says; the framework's part is the caller's.
OCTET_COLD constexpr laws::facts facts_of(law arithmetic, const node_view& n,
                                          const laws::framework_facts& framework) {
  laws::facts f;
  f.arithmetic = arithmetic;
  f.framework = framework;
  if (n.present(0)) f.x = operand_of(n.in[0]);
  if (n.present(1)) f.w = operand_of(n.in[1]);
  f.int32_bias = n.present(2) && n.in[2].type == dtype::s32;
  if (!n.out.empty()) {
    f.y = operand_of(n.out[0]);
    for (std::size_t i = 0; i < n.in.size(); ++i)
      f.keeps_quantization &= !n.present(i) || n.in[i].same_quantization(n.out[0]);
  }
  if (n.attrs) set_attributes(f, *n.attrs);
  return f;
}

/// What a law says of one node; an operator that does not round has no question.
constexpr laws::decision decide(const op_def& op, law arithmetic, const node_view& n,
                                const laws::framework_facts& framework) {
  return op.decide ? op.decide(facts_of(arithmetic, n, framework)) : laws::decision(rounding::none);
}

/// The attributes by which a node keeps what a law decides beside its rounding: set(key, value).
template <class Set> constexpr void set_decided(const laws::decision& d, Set&& set) {
  if (d.f32_product) set("f32_product", std::int64_t{1});
  if (d.channels_last) set("channels_last", std::int64_t{1});
}
/// A fused activation as bounds on the values of a result y: set(key, value). Whole numbers without
/// a scale are steps of 1.
template <class Set>
constexpr void set_bounds(laws::library by, activation a, const laws::operand& y, Set&& set) {
  if (a == activation::none) return;
  if (y.type == dtype::f32) {
    const laws::real_bounds c = laws::bounds_of(a);
    if (c.lo) set("float_lo", static_cast<double>(*c.lo));
    if (c.hi) set("float_hi", static_cast<double>(*c.hi));
    return;
  }
  const laws::clamp_bounds c =
      laws::activation_bounds(by, a, y.type, y.scale == 0 ? 1 : y.scale, y.zero_point);
  set("clamp_lo", c.lo);
  set("clamp_hi", c.hi);
}

/// The roundings that laws give for one operand of that type and a result like it: the forms of an
/// operator that exists for what frameworks do and nothing else. XNNPACK's ranges of scales are
/// tried from both sides.
constexpr rounding_set roundings_of(laws::decision (*decide)(const laws::facts&), dtype type) {
  rounding_set r;
  if (decide == nullptr) return rounding::none;
  for (const law l : enumerators<law>)
    for (const double scale : {0.2, 1e-4}) {
      laws::facts f;
      f.arithmetic = l;
      f.x = {type, dims{1}, is_float(type) ? 0 : 0.1};
      f.y = {type, dims{1}, is_float(type) ? 0 : scale};
      f.alpha = 0.1;
      if (const laws::decision d = decide(f); d.known) r = r | d.round;
    }
  return r;
}

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_BY_LAW_HPP_
