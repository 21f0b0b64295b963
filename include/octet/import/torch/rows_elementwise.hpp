// Rows of element by element operators: add, mul, cat, clamps, scalars, functions of one value;
// arithmetic, comparisons and choices of plain numbers.
#ifndef OCTET_IMPORT_TORCH_ROWS_ELEMENTWISE_HPP_
#define OCTET_IMPORT_TORCH_ROWS_ELEMENTWISE_HPP_

#include <algorithm>
#include <limits>

#include "octet/import/torch/emit.hpp"
#include "octet/numerics/fma.hpp"
#include "octet/ops/add.hpp"
#include "octet/ops/binary.hpp"
#include "octet/ops/concat.hpp"
#include "octet/ops/dequantize.hpp"
#include "octet/ops/gather.hpp"
#include "octet/ops/mul.hpp"
#include "octet/ops/prelu.hpp"
#include "octet/ops/requantize.hpp"
#include "octet/ops/softmax.hpp"
#include "octet/ops/unary.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// What a real number becomes among the values of `like`, saturated.
inline std::int32_t quantized_value(double v, const tensor_data& like) {
  const dtype t = dtype_of_scalar(like.type);
  return std::clamp(laws::quantized_bound(laws::library::pytorch, static_cast<float>(v),
                                          like.scales[0], like.zero_points[0]),
                    static_cast<std::int32_t>(lowest_of(t)),
                    static_cast<std::int32_t>(highest_of(t)));
}
/// A single broadcast pixel (N,C,1,1) is both formats at once: the other operand decides.
inline bool channels_last_result(const tensor_data& x, const tensor_data& y) {
  return suggests_channels_last(x.elements() >= y.elements() ? x : y);
}

inline value value_of(tensor_data& t) {
  value v;
  v.what = kind::tensor;
  v.t = &t;
  return v;
}
/// The same value with strides of its own: views keep what PyTorch's strides say.
inline value with_strides(emitter& e, value v, std::vector<std::int64_t> strides) {
  v.t->stride = std::move(strides);
  if (!v.t->constant()) e.g[v.t->id].format = format_of(suggests_channels_last(*v.t));
  return v;
}
/// A view of `x`: its first element lies `by` behind that of x in memory.
inline value as_view(const value& v, const tensor_data& x, std::int64_t by = 0) {
  v.t->view = true;
  v.t->offset = x.offset + by;
  return v;
}
/// A new result of an operator that PyTorch writes to contiguous memory, whatever its input's is.
inline result<value> as_contiguous(emitter& e, const result<value>& v) {
  if (!v) return v;
  return with_strides(e, *v, contiguous_strides(v->t->size));
}
/// The same of codes with a scale for each channel: the product of PyTorch's kernel is binary64, so
/// the reals are read from a table of all codes of all channels.
inline result<value> dequantized_by_channel(emitter& e, const tensor_data& x, tensor_id in) {
  const std::vector<double> scales = e.g[in].scales;
  const std::vector<std::int32_t> zero_points = e.g[in].zero_points;
  const std::size_t axis = as_size(e.g[in].axis);
  const std::int32_t low = x.type == scalar::qint8 ? -128 : 0;
  if (auto s = e.c.build.make_constant(scales.size() * 256 * sizeof(float)); !s) return s.error();
  std::vector<float> table;
  std::vector<std::int32_t> first;  // of each channel, less its lowest code
  for (std::size_t k = 0; k < scales.size(); ++k) {
    first.push_back(static_cast<std::int32_t>(k) * 256 - low);
    for (std::int32_t code = low; code < low + 256; ++code)
      table.push_back(
          static_cast<float>(numerics::mul(scales[k], static_cast<double>(code - zero_points[k]))));
  }
  dims along = e.g[in].shape;
  for (int i = 0; i < along.rank; ++i)
    if (as_size(i) != axis) along[i] = 1;
  const tensor_id offsets =
                      e.g.add_constant("", dtype::s32, along,
                                       constant_data::of(std::span<const std::int32_t>(first))),
                  reals = e.constant_of(table);
  const tensor_id codes = e.make(x.type == scalar::qint8 ? scalar::s8 : scalar::u8),
                  wide = e.make(scalar::s32), place = e.make(scalar::s32), y = e.make(scalar::f32);
  attributes attrs;
  attrs.set("axis", std::int64_t{0});
  if (auto s = e.emit(ops::identity, {in}, codes); !s) return s.error();
  if (auto s = e.emit(ops::cast, {codes}, wide); !s) return s.error();
  if (auto s = e.emit(ops::add, {wide, offsets}, place); !s) return s.error();
  if (auto s = e.emit(ops::gather, {reals, place}, y, std::move(attrs)); !s) return s.error();
  return e.wrap(y, scalar::f32, !x.constant() && x.channels_inner, suggests_channels_last(x));
}
/// The reals that the codes stand for; other values stay.
inline result<value> dequantized(emitter& e, tensor_data& x) {
  if (!is_quantized(x.type)) return value_of(x);
  const auto in = e.held_as_is(x);
  if (!in) return in.error();
  if (e.g[*in].scales.size() > 1 && (x.type == scalar::qint8 || x.type == scalar::quint8))
    return dequantized_by_channel(e, x, *in);
  const tensor_id y = e.make(scalar::f32);
  if (auto s = e.emit(ops::dequantize, {*in}, y); !s) return s.error();
  return e.wrap(y, scalar::f32, !x.constant() && x.channels_inner, suggests_channels_last(x));
}
/// The extents that `size` stands for, where one of them may be -1: as many as the elements want.
inline result<std::vector<std::int64_t>> resolved_extents(const emitter& e, const tensor_data& x,
                                                          std::vector<std::int64_t> size) {
  std::int64_t known = 1, open = -1;
  for (std::size_t i = 0; i < size.size(); ++i) {
    if (size[i] == -1 && open < 0)
      open = static_cast<std::int64_t>(i);
    else if (size[i] < 0 || size[i] > INT32_MAX)
      return invalid("extent of " + e.operator_name(), std::to_string(size[i]));
    else if (known > INT32_MAX)
      return invalid("extents of " + e.operator_name());
    else
      known *= size[i];
  }
  if (open < 0) return size;
  if (known == 0 || x.elements() % known != 0) return invalid("extents of " + e.operator_name());
  size[as_size(open)] = x.elements() / known;
  return size;
}
/// The elements in logical order under new extents: a view where the strides allow one, else a
/// contiguous copy.
inline result<value> reshaped(emitter& e, tensor_data& x, std::vector<std::int64_t> size) {
  const auto extents = resolved_extents(e, x, std::move(size));
  if (!extents) return extents.error();
  if (const auto shape = e.ir_shape(*extents, false); !shape) return shape.error();
  const auto in = e.held(x, false);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  if (auto s = e.reshape(*in, to, *extents); !s) return s.error();
  const value v = e.wrap(to, x.type, false, false);
  if (x.size.empty()) return as_view(v, x);
  auto strides = view_strides(x, *extents);
  return strides ? as_view(with_strides(e, v, std::move(*strides)), x) : v;
}
template <bool Relu>
result<value> scalar_sum(emitter& e, arguments& a, std::string_view tensor,
                         std::string_view number_name);
template <bool Relu>
result<value> scalar_product(emitter& e, arguments& a, std::string_view tensor,
                             std::string_view number_name);

/// Says how long the rows of PyTorch's loop are, where that is not the whole tensor.
inline void set_row(attributes& attrs, const std::vector<std::int64_t>& size,
                    std::vector<memory_steps> all) {
  std::int64_t count = 1;
  for (const std::int64_t extent : size) {
    if (extent > INT32_MAX || count > INT32_MAX) return;  // no tensor
    count *= extent;
  }
  if (count < 16) return;  // less than a block
  if (const std::int64_t row = vector_row(size, std::move(all)); row != count)
    attrs.set("row", row);
}
/// The row of an element by element operator on two tensors. Its result is allocated in x's format,
/// by the loop itself where x is repeated.
inline void set_row(attributes& attrs, const tensor_data& x, const tensor_data& y, bool last) {
  std::vector<std::int64_t> size = x.rank() >= y.rank() ? x.size : y.size;
  const tensor_data& other = x.rank() >= y.rank() ? y : x;
  const std::size_t first = size.size() - other.size.size();
  for (std::size_t i = 0; i < other.size.size(); ++i)
    if (size[first + i] == 1) size[first + i] = other.size[i];
  memory_steps result;
  if (x.size == size) result = last ? channels_last_strides(size) : contiguous_strides(size);
  set_row(attrs, size, {std::move(result), steps_in(x, size), steps_in(y, size)});
}

/// quantized::add, mul and their relu forms. Elements are taken in PyTorch's memory order: add
/// rounds by position in it. With a number instead of the second tensor (what FX writes) they are
/// add_scalar and mul_scalar: scale and zero point of the result follow from it.
template <bool Multiply, bool Relu> result<value> binary(emitter& e, arguments& a) {
  if (a.none("scale") && a.none("zero_point")) {
    const bool tensor_first = a["qa"].is(kind::tensor);  // else (number, tensor)
    const std::string_view x = tensor_first ? "qa" : "qb", number = tensor_first ? "qb" : "qa";
    return Multiply ? scalar_product<Relu>(e, a, x, number) : scalar_sum<Relu>(e, a, x, number);
  }
  tensor_data *x = a.tensor("qa"), *y = a.tensor("qb");
  if (auto s = a.check(); !s) return s.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  if (auto s = e.per_tensor(*y); !s) return s.error();
  const auto q = e.output(a, x->type, {"scale", "zero_point"});
  if (!q) return q.error();
  if (x->type != y->type)
    return unsupported("operands of " + a.name,
                       std::string(name_of(x->type)) + " and " + std::string(name_of(y->type)),
                       "one element type");
  const bool ranks_differ = x->rank() != y->rank();
  attributes attrs;
  if (!Multiply) set_row(attrs, *x, *y, channels_last_result(*x, *y));
  for (tensor_data** t : {&x, &y}) {
    const int rank = std::max(x->rank(), y->rank());
    if ((*t)->rank() == rank || rank <= 2) continue;
    auto size = (*t)->size;
    size.insert(size.begin(), as_size(rank - (*t)->rank()), 1);
    const auto wide = reshaped(e, **t, std::move(size));
    if (!wide) return wide;
    *t = wide->t;
  }
  // PyTorch's mul takes the first operand's format, whatever is broadcast to what.
  const bool last = Multiply ? suggests_channels_last(*x) : channels_last_result(*x, *y);
  const auto left = e.held(*x, last), right = e.held(*y, last);
  if (!left) return left.error();
  if (!right) return right.error();
  const tensor_id to = e.make(x->type, *q);
  if (auto s = e.emit(Multiply ? ops::qnn_mul : ops::qnn_add, {*left, *right}, to, std::move(attrs),
                      {.fused = Relu ? activation::relu : activation::none,
                       .framework = {.ranks_differ = ranks_differ}});
      !s)
    return s.error();
  return e.wrap(to, x->type, last && x->rank() >= 3, last);
}

// ---- clamps ----

/// max and min of the codes; qparams stay.
inline result<value> clamp_codes(emitter& e, tensor_data& x, std::int32_t lo, std::int32_t hi,
                                 const op_def& op = ops::qnn_relu) {
  if (auto s = e.per_tensor(x); !s) return s.error();
  const auto in = e.held_as_is(x);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  const dtype t = dtype_of_scalar(x.type);
  attributes attrs;
  if (lo > lowest_of(t)) attrs.set("clamp_lo", std::int64_t{lo});
  if (hi < highest_of(t)) attrs.set("clamp_hi", std::int64_t{hi});
  if (auto s = e.emit(op, {*in}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, x.type, x.channels_inner, suggests_channels_last(x));
}
/// max(x, 0) of the codes.
inline result<value> relu_codes(emitter& e, tensor_data& x) {
  return clamp_codes(e, x, x.zero_points[0],
                     static_cast<std::int32_t>(highest_of(dtype_of_scalar(x.type))));
}
/// Clamp of plain floats: multiply by 1 with a fused clamp keeps every other value.
inline result<value> clamp_floats(emitter& e, tensor_data& x, double lo, double hi) {
  if (auto s = e.per_tensor_or_float(x); !s) return s.error();
  const auto in = e.held_as_is(x);
  if (!in) return in.error();
  const tensor_id one = e.c.build.scalar_constant(1.f), to = e.make(scalar::f32);
  attributes attrs;
  if (lo > -infinity) attrs.set("float_lo", lo);
  if (hi < infinity) attrs.set("float_hi", hi);
  if (auto s = e.emit(ops::mul, {*in, one}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, scalar::f32, x.channels_inner, suggests_channels_last(x));
}
inline result<value> relu(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (!is_quantized(x->type)) return clamp_floats(e, *x, 0, infinity);
  if (auto s = e.per_tensor(*x); !s) return s.error();
  return relu_codes(e, *x);
}
inline result<value> relu6(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(a.first());
  if (auto s = a.check(); !s) return s.error();
  if (!is_quantized(x->type)) return clamp_floats(e, *x, 0, 6);
  if (auto s = e.per_tensor(*x); !s) return s.error();
  return clamp_codes(e, *x, x->zero_points[0], quantized_value(6, *x), ops::qnn_relu6);
}
/// By the names of the bounds, each of which may be none.
inline result<value> clamped(emitter& e, arguments& a, std::string_view low,
                             std::string_view high) {
  tensor_data* x = a.tensor(a.first());
  const double lo = a.real_or(low, -infinity), hi = a.real_or(high, infinity);
  if (auto s = a.check(); !s) return s.error();
  if (!is_quantized(x->type)) return clamp_floats(e, *x, lo, hi);
  if (auto s = e.per_tensor(*x); !s) return s.error();
  return clamp_codes(e, *x, quantized_value(lo, *x), quantized_value(hi, *x));
}
inline result<value> clamp(emitter& e, arguments& a) { return clamped(e, a, "min", "max"); }
inline result<value> hardtanh(emitter& e, arguments& a) {
  return clamped(e, a, "min_val", "max_val");
}

// ---- functions of one value ----

/// An operator on quantized values, and the same on floats.
struct unary_forms {
  const op_def *quantized, *plain;
};
inline constexpr unary_forms logistic_forms{&ops::qnn_logistic, &ops::logistic},
    tanh_forms{&ops::qnn_tanh, &ops::tanh},
    hard_sigmoid_forms{&ops::qnn_hard_sigmoid, &ops::hard_sigmoid},
    hard_swish_forms{&ops::qnn_hard_swish, &ops::hard_swish},
    leaky_relu_forms{&ops::qnn_leaky_relu, &ops::leaky_relu}, elu_forms{&ops::qnn_elu, &ops::elu},
    silu_forms{nullptr, &ops::silu};  // of floats alone

/// f of each value; floats stay floats.
inline result<value> unary(emitter& e, tensor_data& x, const unary_forms& op,
                           const output_quantization& q, attributes attrs = {}) {
  if (auto s = e.per_tensor_or_float(x); !s) return s.error();
  const bool last = suggests_channels_last(x);
  const auto in = e.held(x, last);  // in memory order: values are rounded by position
  if (!in) return in.error();
  const bool quantized = is_quantized(x.type);
  if (quantized && op.quantized != &ops::qnn_leaky_relu)  // it copies x into the result's format
    set_row(attrs, x.size,
            {last && op.quantized != &ops::qnn_elu ? channels_last_strides(x.size)
                                                   : contiguous_strides(x.size),
             x.stride});  // elu allocates a contiguous result
  else if (!quantized && (op.plain == &ops::logistic || op.plain == &ops::silu))
    set_row(attrs, x.size, {memory_steps{}, x.stride});
  const tensor_id to = quantized ? e.make(x.type, q) : e.make(scalar::f32);
  if (auto s = e.emit(quantized ? *op.quantized : *op.plain, {*in}, to, std::move(attrs)); !s)
    return s.error();
  return e.wrap(to, x.type, last, last);
}
/// aten::sigmoid and hardsigmoid on quantized values have a fixed output: 1/256 and the lowest
/// code; tanh: 1/128 and the middle one.
template <const unary_forms& Op> result<value> fixed_unary(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  constexpr auto range =
      &Op == &tanh_forms ? laws::fixed_range::one_around_zero : laws::fixed_range::zero_to_one;
  const auto q = laws::quantization_of(range, dtype_of_scalar(x->type));
  return unary(e, *x, Op, output_quantization{q.scale, q.zero_point});
}
/// With the output's scale and zero point given.
inline result<value> given_unary(emitter& e, arguments& a, const unary_forms& op,
                                 attributes attrs = {}) {
  tensor_data* x = a.tensor(a.first());
  if (auto s = a.check(); !s) return s.error();
  if (!is_quantized(x->type))
    return unsupported("input of " + a.name, std::string(name_of(x->type)), "quint8, qint8");
  const auto q = e.output(a, x->type);
  if (!q) return q.error();
  return unary(e, *x, op, *q, std::move(attrs));
}
inline result<value> hardswish(emitter& e, arguments& a) {
  return given_unary(e, a, hard_swish_forms);
}
inline result<value> quantized_sigmoid(emitter& e, arguments& a) {
  return given_unary(e, a, logistic_forms);
}
inline result<value> leaky_relu(emitter& e, arguments& a) {
  attributes attrs;
  attrs.set("alpha", a.real("negative_slope"));
  return given_unary(e, a, leaky_relu_forms, std::move(attrs));
}
inline result<value> elu(emitter& e, arguments& a) {
  attributes attrs;
  const double alpha = a.real("alpha");
  if (alpha != 1) attrs.set("alpha", alpha);
  if (a.real("scale") != 1 || a.real("input_scale") != 1)
    return unsupported("scale or input_scale of " + a.name, {}, "1");
  return as_contiguous(e, given_unary(e, a, elu_forms, std::move(attrs)));
}
inline result<value> float_hardswish(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (is_quantized(x->type)) return unsupported(a.name + " of a quantized tensor");
  return unary(e, *x, hard_swish_forms, {});
}
/// Slopes are quantized too, one per channel.
inline result<value> prelu(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("qx"), *w = a.tensor("weight");
  if (auto s = a.check(); !s) return s.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  if (auto s = e.per_tensor(*w, "slopes"); !s) return s.error();
  const auto q = e.output(a, x->type);
  if (!q) return q.error();
  const std::int64_t n = w->elements();
  if (!w->constant() || w->rank() > 1 || (n != 1 && (x->rank() < 2 || n != x->size[1])))
    return unsupported("slopes of " + a.name, std::to_string(n),
                       "constants, one or one per channel");
  const bool inner = n != 1 && x->rank() >= 3;
  const auto in = inner ? e.held(*x, true) : e.held_as_is(*x);
  if (!in) return in.error();
  const auto slopes = e.held(*w, false);
  if (!slopes) return slopes.error();
  const tensor_id to = e.make(x->type, *q);
  if (auto s = e.emit(ops::qnn_prelu, {*in, *slopes}, to); !s) return s.error();
  return e.wrap(to, x->type, inner || x->channels_inner, suggests_channels_last(*x));
}

// ---- softmax ----

inline result<value> quantized_softmax(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("qx");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const auto q = e.output(a, x->type);
  if (!q) return q.error();
  const auto in = e.held(*x, false);
  if (!in) return in.error();
  const tensor_id to = e.make(x->type, *q);
  attributes attrs;
  attrs.set("axis", static_cast<std::int64_t>(axis));
  if (auto s = e.emit(ops::qnn_softmax, {*in}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, x->type, false, false);
}
/// softmax and log_softmax of floats.
template <const op_def& Op> result<value> float_softmax(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim"), real = static_cast<std::int64_t>(scalar::f32),
                     type = a.none("dtype") ? real : a.integer("dtype");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  if (x->type != scalar::f32 || type != real)
    return unsupported("element type of " + a.name, std::string(name_of(x->type)), "float32");
  const auto in = e.held(*x, false);
  if (!in) return in.error();
  attributes attrs;
  attrs.set("axis", static_cast<std::int64_t>(axis));
  const tensor_id to = e.make(scalar::f32);
  if (auto s = e.emit(Op, {*in}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, scalar::f32, false, false);
}

// ---- cat ----

/// The list of a cat: tensors of one type and rank.
inline result<std::vector<tensor_data*>> tensors_of(arguments& a) {
  const value given = a[a.first()];
  if (!given.is_sequence() || given.c->items.empty()) return invalid("the list of " + a.name);
  std::vector<tensor_data*> list;
  for (const value& v : given.c->items) {
    if (!v.is(kind::tensor))
      return unsupported("an element of the list of " + a.name, std::string(name_of(v.what)),
                         "Tensor");
    list.push_back(v.t);
    if (v.t->type != list[0]->type || v.t->rank() != list[0]->rank())
      return unsupported("types or ranks in the list of " + a.name);
  }
  return list;
}
/// quantized::cat(list, dim, scale, zero_point): every input is dequantized and quantized, also
/// where nothing changes. aten::cat: the first input's qparams.
template <bool Given, bool Relu> result<value> cat(emitter& e, arguments& a) {
  const auto list = tensors_of(a);
  if (!list) return list.error();
  tensor_data& first = *list->front();
  const std::size_t dim = a.axis(a.integer("dim"), first.rank());
  if (auto s = a.check(); !s) return s.error();
  const bool quantized = is_quantized(first.type);
  bool last = true;
  for (const tensor_data* t : *list) last &= suggests_channels_last(*t);
  std::vector<tensor_id> ids;
  for (tensor_data* t : *list) {
    if (quantized)
      if (auto s = e.per_tensor(*t); !s) return s.error();
    const auto id = e.held(*t, last);
    if (!id) return id.error();
    ids.push_back(*id);
  }
  std::vector<double> scales = first.scales;
  std::vector<std::int32_t> zeros = first.zero_points;
  if (quantized && Given && !(a.none("scale") && a.none("zero_point"))) {
    const auto q = e.output(a, first.type, {"scale", "zero_point"});
    if (!q) return q.error();
    scales = {q->scale}, zeros = {q->zero_point};
  }
  const tensor_id to = e.make(first.type, scales, zeros);
  attributes attrs;
  attrs.set("axis", std::int64_t{axis_in_layout(static_cast<int>(dim), first.rank(), last)});
  if (auto s =
          e.emit(quantized ? ops::qnn_concat : ops::concat, std::move(ids), to, std::move(attrs),
                 {.fused = Relu && quantized ? activation::relu : activation::none});
      !s)
    return s.error();
  return e.wrap(to, first.type, last, last);
}

// ---- numbers ----

/// x + s: the codes stay and the zero point moves, where it can; otherwise the zero point stops at
/// the end of the range, the scale widens, and the codes are requantized.
template <bool Relu>
result<value> scalar_sum(emitter& e, arguments& a, std::string_view tensor,
                         std::string_view number_name) {
  tensor_data* x = a.tensor(tensor);
  const double number = a.real(number_name);
  if (auto s = a.check(); !s) return s.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const double scale = x->scales[0];
  const std::int64_t zero = x->zero_points[0], lo = lowest_of(dtype_of_scalar(x->type)),
                     hi = highest_of(dtype_of_scalar(x->type));
  const double steps = numerics::rint(numerics::div(number, scale));
  if (!(steps > -1e9 && steps < 1e9))
    return invalid("number added by " + a.name, std::to_string(number));
  const std::int64_t moved = zero - static_cast<std::int64_t>(steps);
  const auto in = e.held_as_is(*x);
  if (!in) return in.error();
  const bool last = suggests_channels_last(*x);
  if (moved >= lo && moved <= hi) {
    const tensor_id to =
        e.make(x->type, output_quantization{scale, static_cast<std::int32_t>(moved)});
    if (auto s = e.emit(ops::identity, {*in}, to); !s) return s.error();
    const value v = e.wrap(to, x->type, x->channels_inner, last);
    return Relu ? relu_codes(e, *v.t) : v;
  }
  const std::int64_t reach = moved < lo ? hi - moved : moved - lo;
  const double wider =
      numerics::mul(numerics::div(static_cast<double>(reach), static_cast<double>(hi - lo)), scale);
  const auto end = static_cast<std::int32_t>(moved < lo ? lo : hi);
  const tensor_id to = e.make(x->type, output_quantization{wider, end});
  attributes attrs;
  attrs.set("offset", static_cast<std::int64_t>(steps));
  if (auto s = e.emit(ops::requantize, {*in}, to, std::move(attrs),
                      {.fused = Relu ? activation::relu : activation::none});
      !s)
    return s.error();
  return e.wrap(to, x->type, x->channels_inner, last);
}
template <bool Relu> result<value> add_scalar(emitter& e, arguments& a) {
  return scalar_sum<Relu>(e, a, "qa", "b");
}
/// x * s: only scale and zero point change; a negative number mirrors the codes, 0 clears them.
template <bool Relu>
result<value> scalar_product(emitter& e, arguments& a, std::string_view tensor,
                             std::string_view number_name) {
  tensor_data* x = a.tensor(tensor);
  const double number = a.real(number_name);
  if (auto s = a.check(); !s) return s.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const std::int64_t lo = lowest_of(dtype_of_scalar(x->type)),
                     hi = highest_of(dtype_of_scalar(x->type));
  const double scale =
      number == 0 ? 1.0 : numerics::mul(x->scales[0], number < 0 ? -number : number);
  const std::int64_t zero = number > 0   ? x->zero_points[0]
                            : number < 0 ? hi + lo - x->zero_points[0]
                                         : 0;
  const auto q = e.valid_output(scale, zero, x->type);
  if (!q) return q.error();
  auto from = e.held_as_is(*x);
  if (!from) return from.error();
  const bool last = suggests_channels_last(*x);
  const tensor_id to = e.make(x->type, *q);
  attributes attrs;
  if (number == 0) attrs.set("clamp_lo", std::int64_t{0}), attrs.set("clamp_hi", std::int64_t{0});
  if (number < 0) attrs.set("negate", std::int64_t{1});
  if (number <= 0) {
    // The mirrored codes: -(q - z) in steps of the same size, so the scale is read as the output's.
    const tensor_id rescaled = e.make(x->type, output_quantization{scale, x->zero_points[0]});
    if (auto s = e.emit(ops::identity, {*from}, rescaled); !s) return s.error();
    from = rescaled;
  }
  if (auto s = number > 0 ? e.emit(ops::identity, {*from}, to)
                          : e.emit(ops::requantize, {*from}, to, std::move(attrs));
      !s)
    return s.error();
  const value v = e.wrap(to, x->type, x->channels_inner, last);
  return Relu ? relu_codes(e, *v.t) : v;
}
template <bool Relu> result<value> mul_scalar(emitter& e, arguments& a) {
  return scalar_product<Relu>(e, a, "qa", "b");
}

// ---- operators of two operands ----

/// The value as another element type.
inline result<value> cast_to(emitter& e, tensor_data& x, scalar type) {
  if (x.type == type) return value_of(x);
  if (is_quantized(x.type)) {
    if (type != scalar::f32)
      return unsupported("a quantized tensor as another element type", std::string(name_of(type)),
                         "float32");
    return dequantized(e, x);
  }
  if (x.type == scalar::f16 || type == scalar::f16) {  // by way of float32
    const auto real = x.type == scalar::f16   ? e.as_floats(x)
                      : x.type == scalar::f32 ? result<value>(value_of(x))
                                              : cast_to(e, x, scalar::f32);
    if (!real) return real;
    return type == scalar::f16 ? e.as_halves(*real->t) : cast_to(e, *real->t, type);
  }
  constexpr auto castable = [](scalar s) {
    return s != scalar::bf16 && !is_quantized(s) && s != scalar::unknown;
  };
  if (!castable(x.type) || !castable(type))
    return unsupported("a change of element type by " + e.operator_name(),
                       std::string(name_of(x.type)) + " to " + std::string(name_of(type)),
                       "float32, float64, float16, integers, bool");
  if ((x.type == scalar::f32 || x.type == scalar::f64) &&
      (type == scalar::u8 || type == scalar::s8 || type == scalar::s16)) {
    const auto whole = cast_to(e, x, scalar::s32);  // whose low bits PyTorch takes
    return whole ? cast_to(e, *whole->t, type) : whole;
  }
  const auto in = e.held_as_is(x);
  if (!in) return in.error();
  const tensor_id to = e.make(type);
  if (auto s = e.emit(ops::cast, {*in}, to); !s) return s.error();
  return e.wrap(to, type, !x.constant() && x.channels_inner, suggests_channels_last(x));
}
/// A float32 value of whatever `x` is.
inline result<tensor_data*> real_value(emitter& e, tensor_data& x) {
  const auto v = cast_to(e, x, scalar::f32);
  if (!v) return v.error();
  return v->t;
}
inline result<tensor_data*> real_argument(emitter& e, arguments& a, std::string_view parameter) {
  tensor_data* x = a.tensor(parameter);
  if (auto s = a.check(); !s) return s.error();
  return real_value(e, *x);
}
/// A constant without axes.
inline tensor_data* number_of(emitter& e, double v, scalar type) {
  const tensor_id id =
      type == scalar::boolean
          ? e.g.add_constant(
                "", dtype::boolean, dims{},
                constant_data::of(std::span<const std::uint8_t>(std::array{std::uint8_t{v != 0}})))
      : type == scalar::s64 ? e.c.build.scalar_constant(static_cast<std::int64_t>(v))
      : type == scalar::s32 ? e.c.build.scalar_constant(static_cast<std::int32_t>(v))
                            : e.c.build.scalar_constant(static_cast<float>(v));
  return e
      .wrap(id,
            type == scalar::boolean || type == scalar::s64 || type == scalar::s32 ? type
                                                                                  : scalar::f32,
            false, false)
      .t;
}
/// What an argument is in an operator of two: a tensor, or a number, which takes the other's type.
struct given_operand {
  tensor_data* t = nullptr;
  double number = 0;
  scalar type = scalar::f32;  // of a number too: bool, int64 or float32 where the program has it
  bool axes = false;          // PyTorch lets others decide only where their kind of number is wider
};
inline given_operand operand_given(emitter& e, arguments& a, std::string_view parameter) {
  const value v = a[parameter];
  if (v.is(kind::boolean)) return {nullptr, v.b ? 1. : 0., scalar::boolean, false};
  if (v.is(kind::integer)) return {nullptr, static_cast<double>(v.i), scalar::s64, false};
  if (!v.is(kind::tensor)) return {nullptr, a.real(parameter), scalar::f32, false};
  if (v.t->rank() > 0 || !e.c.known(*v.t)) return {v.t, 0, v.t->type, v.t->rank() > 0};
  // Traced programs keep numbers as constants without axes.
  return {nullptr, a.real(parameter), v.t->type, false};
}
/// bool, whole or real.
constexpr int kind_of_number(scalar s) noexcept {
  if (s == scalar::boolean) return 0;
  const bool real = s == scalar::f32 || s == scalar::f64 || s == scalar::f16 || s == scalar::bf16 ||
                    is_quantized(s);
  return real ? 2 : 1;
}
/// The element type that PyTorch's promotion gives: float32 where either is real; of whole numbers
/// the wider. A number, or a tensor without axes, decides only where it is another kind of number.
inline scalar promoted_type(const given_operand& x, const given_operand& y) {
  const int left = kind_of_number(x.type), right = kind_of_number(y.type);
  if (left == 2 || right == 2) return scalar::f32;
  if (left != right) return left > right ? x.type : y.type;
  if (x.axes != y.axes) return x.axes ? x.type : y.type;
  for (const scalar wider : {scalar::s64, scalar::s32, scalar::s16})
    if (x.type == wider || y.type == wider) return wider;
  return x.type == y.type ? x.type : scalar::s16;  // int8 with uint8
}
/// Two or three operands that broadcast, as tensors of the graph in one layout.
struct meeting {
  std::vector<tensor_id> in{};
  bool inner = false;  // layout
  std::vector<const tensor_data*> operands{};
  /// PyTorch's loop lays out the result by the first operand whose strides tell axes apart.
  value result(emitter& e, tensor_id to, scalar type) const {
    const value v = e.wrap(to, type, inner && e.g[to].shape.rank >= 3, false);
    for (const bool last : {false, true})  // the strides of axes of extent 1 do not count then
      if (std::all_of(operands.begin(), operands.end(), [&](const tensor_data* t) {
            return t->size == v.t->size && is_contiguous(*t, last);
          }))
        return with_strides(
            e, v, last ? channels_last_strides(v.t->size) : contiguous_strides(v.t->size));
    std::vector<memory_steps> steps;
    for (const tensor_data* t : operands) steps.push_back(steps_in(*t, v.t->size));
    return with_strides(e, v, iterated_strides(v.t->size, steps));
  }
};
/// The operand with most axes and elements decides the layout.
inline result<meeting> meet(emitter& e, std::span<tensor_data* const> operands) {
  const tensor_data* most = operands[0];
  for (const tensor_data* t : operands)
    if (t->rank() > most->rank() || (t->rank() == most->rank() && t->elements() > most->elements()))
      most = t;
  meeting m;
  m.inner = !most->constant() && most->channels_inner && most->rank() >= 3;
  m.operands.assign(operands.begin(), operands.end());
  for (tensor_data* t : operands) {
    tensor_data* as = t;
    if (m.inner && t->rank() < most->rank() && t->elements() != 1) {
      auto size = t->size;
      size.insert(size.begin(), as_size(most->rank() - t->rank()), 1);
      const auto wide = reshaped(e, *t, std::move(size));
      if (!wide) return wide.error();
      as = wide->t;
    }
    const auto id =
        as->elements() == 1 && as->rank() < most->rank() ? e.held_as_is(*as) : e.held(*as, m.inner);
    if (!id) return id.error();
    m.in.push_back(*id);
  }
  return m;
}
/// number_of, also of 8 and 16 bits, where PyTorch refuses a number that does not fit.
inline result<value> number_in(emitter& e, const arguments& a, double v, scalar type) {
  if (type != scalar::u8 && type != scalar::s8 && type != scalar::s16)
    return value_of(*number_of(e, v, type));
  const dtype t = dtype_of_scalar(type);
  if (v < static_cast<double>(lowest_of(t)) || v > static_cast<double>(highest_of(t)))
    return invalid("a number in " + a.name + " that the other operand's type does not hold",
                   std::to_string(static_cast<std::int64_t>(v)), std::string(name_of(type)));
  return cast_to(e, *number_of(e, v, scalar::s32), type);
}
/// Two operands as tensors of one type.
inline result<std::array<tensor_data*, 2>> pair_of(emitter& e, arguments& a, std::string_view left,
                                                   std::string_view right, bool real) {
  const given_operand x = operand_given(e, a, left), y = operand_given(e, a, right);
  if (auto s = a.check(); !s) return s.error();
  if ((x.t && x.type == scalar::f64) || (y.t && y.type == scalar::f64))
    return unsupported("arithmetic of " + a.name, "float64", "float32, int64, int32, bool");
  const scalar type = real ? scalar::f32 : promoted_type(x, y);
  std::array<tensor_data*, 2> both{};
  for (std::size_t k = 0; k < 2; ++k) {
    const given_operand& o = k == 0 ? x : y;
    if (!o.t) {
      const auto number = number_in(e, a, o.number, type);
      if (!number) return number.error();
      both[k] = number->t;
      continue;
    }
    const auto v = cast_to(e, *o.t, type);
    if (!v) return v.error();
    both[k] = v->t;
  }
  return both;
}
inline result<value> emit_pair(emitter& e, const op_def& op, std::array<tensor_data*, 2> both,
                               scalar type, attributes attrs = {}) {
  const auto m = meet(e, both);
  if (!m) return m.error();
  const tensor_id to = e.make(type);
  if (auto s = e.emit(op, m->in, to, std::move(attrs)); !s) return s.error();
  return m->result(e, to, type);
}
inline result<value> chosen(emitter& e, tensor_data& condition, tensor_data& x, tensor_data& y);
/// The quotient rounded down, as PyTorch has it: what the exact remainder leaves is divided, so
/// that no quotient is rounded up to a whole number before. Quotients by 0 stay infinite, and a
/// result of 0 has the sign of the quotient.
inline result<value> floor_quotient(emitter& e, std::array<tensor_data*, 2> both) {
  if (both[0]->type != scalar::f32) return emit_pair(e, ops::floor_div, both, both[0]->type);
  const auto rest = emit_pair(e, ops::floor_mod, both, scalar::f32);
  if (!rest) return rest;
  const auto whole = emit_pair(e, ops::sub, {both[0], rest->t}, scalar::f32);
  if (!whole) return whole;
  const auto quotient = emit_pair(e, ops::div, {whole->t, both[1]}, scalar::f32);
  if (!quotient) return quotient;
  const auto in = e.held_as_is(*quotient->t);
  if (!in) return in.error();
  const tensor_id to = e.make(scalar::f32);
  if (auto s = e.emit(ops::round, {*in}, to); !s) return s.error();
  const value rounded = with_strides(e, e.wrap(to, scalar::f32, quotient->t->channels_inner, false),
                                     quotient->t->stride);
  const auto is_zero = [&](tensor_data* of) {
    return emit_pair(e, ops::equal, {of, number_of(e, 0, scalar::f32)}, scalar::boolean);
  };
  const auto plain = emit_pair(e, ops::div, both, scalar::f32);
  if (!plain) return plain;
  const auto nothing =
      emit_pair(e, ops::mul, {plain->t, number_of(e, 0, scalar::f32)}, scalar::f32);
  if (!nothing) return nothing;
  const auto below_one = is_zero(rounded.t), by_zero = is_zero(both[1]);
  if (!below_one) return below_one;
  if (!by_zero) return by_zero;
  const auto quotients = chosen(e, *below_one->t, *nothing->t, *rounded.t);
  if (!quotients) return quotients;
  return chosen(e, *by_zero->t, *plain->t, *quotients->t);
}
/// The sum of bools is or, their product and; they have no other arithmetic.
inline result<value> arithmetic_of_bools(emitter& e, const arguments& a, const op_def& op,
                                         std::array<tensor_data*, 2> both, double alpha) {
  if (&op == &ops::mul) return emit_pair(e, ops::logical_and, both, scalar::boolean);
  if (&op == &ops::add && alpha == 1) return emit_pair(e, ops::logical_or, both, scalar::boolean);
  return unsupported("operands of " + a.name, "bool", "float32, int32, int64");
}
/// add, sub, mul, div and their kind on plain numbers. `Real`: whole numbers become floats first.
/// `Swap`: rsub.
template <const op_def& Op, bool Real = false, bool Swap = false>
result<value> plain_binary(emitter& e, arguments& a) {
  const double alpha = a.has("alpha") ? a.real("alpha") : 1;  // of add, sub and rsub
  if (auto s = a.check(); !s) return s.error();
  auto both = pair_of(e, a, Swap ? "other" : "self", Swap ? "self" : "other", Real);
  if (!both) return both.error();
  const scalar type = (*both)[0]->type;
  if (type == scalar::u8 || type == scalar::s8 || type == scalar::s16)
    return unsupported("operands of " + a.name, std::string(name_of(type)),
                       "float32, int32, int64");
  if (type == scalar::boolean) return arithmetic_of_bools(e, a, Op, *both, alpha);
  if (alpha != 1) {
    const auto scaled = emit_pair(e, ops::mul, {(*both)[1], number_of(e, alpha, type)}, type);
    if (!scaled) return scaled;
    (*both)[1] = scaled->t;
  }
  if (&Op == &ops::floor_div) return floor_quotient(e, *both);
  return emit_pair(e, Op, *both, type);
}
/// Comparisons of plain numbers; quantized values are compared as the reals they stand for.
template <const op_def& Op> result<value> comparison(emitter& e, arguments& a) {
  const auto both = pair_of(e, a, "self", "other", false);
  if (!both) return both.error();
  return emit_pair(e, Op, *both, scalar::boolean);
}
/// Of 0 and -0 PyTorch's vectors give the second operand's, octet's operators the first's.
inline result<value> extreme_of_plain(emitter& e, const op_def& op,
                                      const std::array<tensor_data*, 2>& both) {
  const tensor_data &x = *both[0], &y = *both[1];
  if (x.type != scalar::f32 || x.size != y.size || x.size.empty() ||
      vector_row(x.size, {memory_steps{}, x.stride, y.stride}) < 16)
    return emit_pair(e, op, both, x.type);
  const auto m = meet(e, both);
  if (!m) return m.error();
  const tensor_id to = e.make(scalar::f32);
  if (auto s = e.emit(op, {m->in[1], m->in[0]}, to); !s) return s.error();
  return m->result(e, to, scalar::f32);
}
/// The larger (or smaller) of self and another operand; of one quantization on the codes, whose
/// order is that of the reals.
template <const op_def& Op>
result<value> extreme_of(emitter& e, arguments& a, std::string_view other) {
  const value left = a["self"], right = a[other];
  if (left.is(kind::tensor) && right.is(kind::tensor)) {
    tensor_data &x = *left.t, &y = *right.t;
    if (is_quantized(x.type) && x.type == y.type && x.scales == y.scales &&
        x.zero_points == y.zero_points) {
      if (auto s = e.per_tensor(x); !s) return s.error();
      const auto m = meet(e, std::array{&x, &y});
      if (!m) return m.error();
      const tensor_id to = e.make_like(x);
      if (auto s = e.emit(Op, m->in, to); !s) return s.error();
      return m->result(e, to, x.type);
    }
  }
  const auto both = pair_of(e, a, "self", other, false);
  if (!both) return both.error();
  return extreme_of_plain(e, Op, *both);
}
template <const op_def& Op> result<value> extreme(emitter& e, arguments& a) {
  return extreme_of<Op>(e, a, "other");
}
/// The quotient of floats, rounded towards 0.
inline result<value> truncated_quotient(emitter& e, std::array<tensor_data*, 2> both) {
  const auto quotient = emit_pair(e, ops::div, both, scalar::f32);
  if (!quotient) return quotient;
  tensor_data& q = *quotient->t;
  const auto in = e.held_as_is(q);
  if (!in) return in.error();
  const tensor_id up = e.make(scalar::f32), down = e.make(scalar::f32);
  if (auto s = e.emit(ops::ceil, {*in}, up); !s) return s.error();
  if (auto s = e.emit(ops::floor, {*in}, down); !s) return s.error();
  const auto as_quotient = [&](tensor_id id) {
    return with_strides(e, e.wrap(id, scalar::f32, q.channels_inner, false), q.stride);
  };
  const auto negative =
      emit_pair(e, ops::less, {&q, number_of(e, 0, scalar::f32)}, scalar::boolean);
  if (!negative) return negative;
  const value above = as_quotient(up), below = as_quotient(down);
  return chosen(e, *negative->t, *above.t, *below.t);
}
/// div(a, b) and div(a, b, rounding_mode="floor" or "trunc").
inline result<value> divide(emitter& e, arguments& a) {
  const value rounding_mode = a["rounding_mode"];
  const std::string mode = rounding_mode.is(kind::string) ? rounding_mode.c->text : std::string();
  const auto both = pair_of(e, a, "self", "other", mode.empty());
  if (!both) return both.error();
  const scalar type = (*both)[0]->type;
  if (mode.empty()) return emit_pair(e, ops::div, *both, type);
  if (mode == "floor" && type != scalar::boolean) return floor_quotient(e, *both);
  if (mode == "trunc" && type != scalar::f32) return emit_pair(e, ops::div, *both, type);
  if (mode == "trunc") return truncated_quotient(e, *both);
  return unsupported("rounding_mode of " + a.name, mode, "none, floor, trunc");
}
/// What a number is as a bool: whether it is another than 0.
inline result<value> truth_of(emitter& e, tensor_data& x) {
  if (x.type == scalar::boolean) return value_of(x);
  return emit_pair(e, ops::not_equal, {&x, number_of(e, 0, x.type)}, scalar::boolean);
}
/// and, or of bools; numbers become bools first.
template <const op_def& Op> result<value> logical(emitter& e, arguments& a) {
  const auto both = pair_of(e, a, "self", "other", false);
  if (!both) return both.error();
  const auto x = truth_of(e, *(*both)[0]), y = truth_of(e, *(*both)[1]);
  if (!x) return x;
  if (!y) return y;
  return emit_pair(e, Op, {x->t, y->t}, scalar::boolean);
}
inline result<value> logical_not(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  return emit_pair(e, ops::equal, {x, number_of(e, 0, x->type)}, scalar::boolean);
}
/// condition ? x : y. Quantized values keep their quantization where it is one; a number takes the
/// other's type.
inline result<value> chosen(emitter& e, tensor_data& condition, tensor_data& x, tensor_data& y) {
  if (condition.type != scalar::boolean)
    return unsupported("condition of " + e.operator_name(), std::string(name_of(condition.type)),
                       "bool");
  tensor_data *u = &x, *v = &y;
  if (x.type != y.type || x.scales != y.scales || x.zero_points != y.zero_points) {
    const scalar type = promoted_type({&x, 0, x.type, x.rank() > 0}, {&y, 0, y.type, y.rank() > 0});
    const auto p = cast_to(e, x, type), q = cast_to(e, y, type);
    if (!p) return p.error();
    if (!q) return q.error();
    u = p->t, v = q->t;
  }
  const auto m = meet(e, std::array{&condition, u, v});
  if (!m) return m.error();
  const tensor_id to = e.make_like(*u);
  if (auto s = e.emit(ops::select, m->in, to); !s) return s.error();
  return m->result(e, to, u->type);
}
inline result<value> where(emitter& e, arguments& a) {
  tensor_data* condition = a.tensor("condition");
  if (auto s = a.check(); !s) return s.error();
  const value x = a["self"], y = a["other"];
  const bool tensors = x.is(kind::tensor) && y.is(kind::tensor) && x.t->rank() + y.t->rank() > 0;
  if (tensors) return chosen(e, *condition, *x.t, *y.t);
  const auto both = pair_of(e, a, "self", "other", false);
  if (!both) return both.error();
  return chosen(e, *condition, *(*both)[0], *(*both)[1]);
}
/// A constant of the codes that `v` becomes among the values of `like`.
inline result<value> code_of(emitter& e, double v, const tensor_data& like) {
  const std::int32_t q = quantized_value(v, like);
  const auto byte = static_cast<std::uint8_t>(q & 255);
  const tensor_id id = e.g.add_constant("", dtype_of_scalar(like.type), dims{},
                                        constant_data::of(std::span<const std::uint8_t>(&byte, 1)));
  e.g[id].scales = like.scales;
  e.g[id].zero_points = like.zero_points;
  return e.wrap(id, like.type, false, false);
}
/// masked_fill(x, mask, number). `InPlace`: the memory, and with it the format, is that of x.
template <bool InPlace> result<value> masked_fill(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *mask = a.tensor("mask");
  const double fill = a.real("value");
  if (auto s = a.check(); !s) return s.error();
  result<value> number = value_of(*number_of(e, fill, x->type));
  if (is_quantized(x->type)) {
    if (auto s = e.per_tensor(*x); !s) return s.error();
    number = code_of(e, fill, *x);
    if (!number) return number;
  }
  const auto v = as_contiguous(e, chosen(e, *mask, *number->t, *x));
  if (!InPlace || !v || v->t->size != x->size) return v;
  return with_strides(e, *v, x->stride);
}
/// The highest of the reals that the codes of `x` stand for which PyTorch's loop takes as not above
/// a limit: a whole block dequantizes by one fused multiply-add, what is behind the blocks as
/// dequantize does. Reals are those of dequantize, -infinity where all codes are above.
inline float highest_below(const tensor_data& x, float limit, bool block) {
  const auto scale = static_cast<float>(x.scales[0]);
  const std::int32_t zero = x.zero_points[0];
  const float moved = numerics::mul(scale, static_cast<float>(-zero));
  float highest = -std::numeric_limits<float>::infinity();
  const dtype t = dtype_of_scalar(x.type);
  for (auto q = static_cast<std::int32_t>(lowest_of(t)); q <= highest_of(t); ++q) {
    const float plain = numerics::mul(static_cast<float>(q - zero), scale),
                seen = block ? numerics::fma(scale, static_cast<float>(q), moved) : plain;
    if (!(seen > limit)) highest = std::max(highest, plain);
  }
  return highest;
}
/// The limit of each element, as a value that broadcasts against codes `x` in the layout `last`: a
/// number where blocks and what is behind them agree.
inline result<value> limits_by_position(emitter& e, const tensor_data& x, float limit, bool last) {
  constexpr std::int64_t block = 64;
  const float inside = highest_below(x, limit, true), behind = highest_below(x, limit, false);
  const std::int64_t count = x.elements();
  std::int64_t row = count;
  if (count >= 16)
    row = vector_row(x.size,
                     {last ? channels_last_strides(x.size) : contiguous_strides(x.size), x.stride});
  if (row < block || inside == behind)
    return value_of(*number_of(e, static_cast<double>(behind), scalar::f32));
  if (auto s = e.c.build.make_constant(as_size(count) * sizeof(float)); !s) return s.error();
  std::vector<float> each;
  for (std::int64_t i = 0; i < count; ++i)
    each.push_back(i % row < row / block * block ? inside : behind);
  const auto shape = e.ir_shape(x.size, last);
  if (!shape) return shape.error();
  const tensor_id id =
      e.g.add_constant("", dtype::f32, *shape, constant_data::of(std::span<const float>(each)));
  return e.wrap(id, scalar::f32, last, last);
}
/// threshold(x, limit, otherwise): x where it is above.
inline result<value> threshold(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const double limit = a.real("threshold"), otherwise = a.real("value");
  if (auto s = a.check(); !s) return s.error();
  const auto real = real_value(e, *x);
  if (!real) return real.error();
  result<value> at = value_of(*number_of(e, limit, scalar::f32)),
                instead = value_of(*number_of(e, otherwise, scalar::f32));
  if (is_quantized(x->type)) {
    if (auto s = e.per_tensor(*x); !s) return s.error();
    at = limits_by_position(e, *x, static_cast<float>(limit),
                            suggests_channels_last(*x) && x->rank() >= 3);
    instead = code_of(e, otherwise, *x);
  }
  if (!at) return at;
  if (!instead) return instead;
  const auto above = emit_pair(e, ops::greater, {*real, at->t}, scalar::boolean);
  if (!above) return above;
  const auto v = chosen(e, *above->t, *x, *instead->t);
  if (!v || !is_quantized(x->type)) return v;
  return with_strides(
      e, *v,
      suggests_channels_last(*x) ? channels_last_strides(x->size) : contiguous_strides(x->size));
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_ELEMENTWISE_HPP_
