// Operators without weights of their own: functions of each element, softmax, comparisons, data
// movement, resizing, products of two values, memory.
#ifndef OCTET_TYPED_FUNCTIONS_HPP_
#define OCTET_TYPED_FUNCTIONS_HPP_

#include "octet/typed/operators.hpp"

OCTET_NAMESPACE_BEGIN
namespace typed {

// ---- functions of one value ----

struct function_options {
  double alpha = 0;                 // leaky_relu: slope below 0; elu: factor there (0: 1)
  double beta = 1;                  // softmax: factor of the input
  std::int32_t axis = -1;           // softmax, log_softmax
  bool approximate = false;         // gelu: by tanh
  rounding round = rounding::none;  // none: by the graph's law
};
namespace detail {
/// What a function's result is quantized with where the caller does not say: nothing (he must), as
/// its input, or a range of reals that laws fix.
enum class result_range : std::uint8_t { given, input, zero_to_one, one_around_zero, below_zero };
constexpr affine range_of(result_range r, const tensor_info& x) {
  const auto fixed = [&](laws::fixed_range range) {
    const laws::quantization q = laws::quantization_of(range, x.type);
    return affine{q.scale, q.zero_point};
  };
  switch (r) {
    case result_range::given: return {};
    case result_range::input: return {x.scale, x.zero_point};
    case result_range::zero_to_one: return fixed(laws::fixed_range::zero_to_one);
    case result_range::one_around_zero: return fixed(laws::fixed_range::one_around_zero);
    case result_range::below_zero: return fixed(laws::fixed_range::sixteen_below_zero);
  }
  return {};
}
constexpr auto function(const op_def& quantized, const op_def& plain, result_range range,
                        const attribute_list& a, affine q, rounding round, std::int32_t line,
                        activation act = activation::none) {
  return pending{[=, &quantized, &plain]<int C>(const value<C>& x) {
    const tensor_info t = first(x);
    const op_def& op = operator_for(quantized, plain, t);
    if (&op != &quantized)
      return then(x, head_of(op, round, line), {x.out, 1}, a, typed_as(t.type, {}));
    value<C> v = x;
    if (!need_quantized(v, t, line)) return v;
    const affine to = q.scale != 0 ? q : range_of(range, t);
    if (!(to.scale > 0))
      return broken(v, mistake::scale_not_positive, dims{1}, dims{millionths(to.scale)}, line);
    return then(v, head_of(op, round, line, act), {x.out, 1}, a, typed_as(t.type, to));
  }};
}
constexpr attribute_list alpha_of(const function_options& o) {
  attribute_list a{};
  if (o.alpha != 0) a.real("alpha", o.alpha);
  if (o.approximate) a.integer("approximate", 1);
  return a;
}
constexpr attribute_list softmax_of(const function_options& o) {
  attribute_list a{};
  append_attributes(a, softmax_attrs{o.beta, o.axis});
  return a;
}
}  // namespace detail

/// A name that is a fused activation and an operator: `.activation = relu`, and `x | relu()`. The
/// operator keeps its input's quantization unless given one.
struct clamp_function {
  activation fused;
  const op_def *quantized, *plain;
  constexpr operator activation() const { return fused; }  // NOLINT
  constexpr auto operator()(affine q = {}, function_options o = {},
                            std::int32_t line = __builtin_LINE()) const {
    return detail::function(*quantized, *plain, detail::result_range::input, {}, q, o.round, line,
                            fused);
  }
};
inline constexpr clamp_function relu{activation::relu, &ops::qnn_relu, &ops::relu},
    relu6{activation::relu6, &ops::qnn_relu6, &ops::relu6},
    relu_n1_to_1{activation::relu_n1_to_1, &ops::qnn_relu_n1_to_1, &ops::relu_n1_to_1};

/// A function's name: `x | logistic()`, `x | hard_swish({0.05f, 3})`. float32 values stay float32.
/// Without a quantization the result has that of TFLite and PyTorch where they fix it (logistic,
/// hard_sigmoid, softmax: [0, 1); tanh, l2_normalization: [-1, 1); log_softmax: [-16, 0]), the
/// input's (neg, abs), or must be given.
template <const op_def& Quantized, const op_def& Plain, detail::result_range Range>
struct value_function {
  constexpr auto operator()(affine q = {}, function_options o = {},
                            std::int32_t line = __builtin_LINE()) const {
    return detail::function(Quantized, Plain, Range, detail::alpha_of(o), q, o.round, line);
  }
};
inline constexpr value_function<ops::qnn_logistic, ops::logistic, detail::result_range::zero_to_one>
    logistic{};
inline constexpr value_function<ops::qnn_tanh, ops::tanh, detail::result_range::one_around_zero>
    tanh{};
inline constexpr value_function<ops::qnn_hard_sigmoid, ops::hard_sigmoid,
                                detail::result_range::zero_to_one>
    hard_sigmoid{};
inline constexpr value_function<ops::qnn_hard_swish, ops::hard_swish, detail::result_range::given>
    hard_swish{};
inline constexpr value_function<ops::qnn_leaky_relu, ops::leaky_relu, detail::result_range::given>
    leaky_relu{};
inline constexpr value_function<ops::qnn_elu, ops::elu, detail::result_range::given> elu{};
inline constexpr value_function<ops::qnn_gelu, ops::gelu, detail::result_range::given> gelu{};
inline constexpr value_function<ops::qnn_exp, ops::exp, detail::result_range::given> exp{};
inline constexpr value_function<ops::qnn_log, ops::log, detail::result_range::given> log{};
inline constexpr value_function<ops::qnn_sqrt, ops::sqrt, detail::result_range::given> sqrt{};
inline constexpr value_function<ops::qnn_rsqrt, ops::rsqrt, detail::result_range::given> rsqrt{};
inline constexpr value_function<ops::qnn_square, ops::square, detail::result_range::given> square{};
inline constexpr value_function<ops::qnn_abs, ops::abs, detail::result_range::input> abs{};
inline constexpr value_function<ops::qnn_neg, ops::neg, detail::result_range::input> neg{};
inline constexpr value_function<ops::qnn_l2_normalization, ops::l2_normalization,
                                detail::result_range::one_around_zero>
    l2_normalization{};

/// Along an axis: `x | softmax()`, `x | softmax({}, {.beta = 0.5})`.
constexpr auto softmax(affine q = {}, function_options o = {},
                       std::int32_t line = __builtin_LINE()) {
  return detail::function(ops::qnn_softmax, ops::softmax, detail::result_range::zero_to_one,
                          detail::softmax_of(o), q, o.round, line);
}
constexpr auto log_softmax(affine q = {}, function_options o = {},
                           std::int32_t line = __builtin_LINE()) {
  return detail::function(ops::qnn_log_softmax, ops::log_softmax, detail::result_range::below_zero,
                          detail::softmax_of(o), q, o.round, line);
}

/// Raw elements to another element type, without quantization.
constexpr auto cast(dtype to, std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    return detail::then(x, detail::head_of(ops::cast, rounding::none, line), {x.out, 1},
                        detail::attribute_list{}, detail::typed_as(to, {}));
  }};
}
namespace detail {
constexpr auto index_along(const op_def& op, std::int32_t axis, dtype type, std::int32_t line) {
  return pending{[=, &op]<int C>(const value<C>& x) {
    attribute_list a{};
    append_attributes(a, axis_attrs{axis});
    return then(x, head_of(op, rounding::none, line), {x.out, 1}, a, typed_as(type, {}));
  }};
}
}  // namespace detail
/// Index of the largest (least) element along an axis; the first of equal ones.
constexpr auto arg_max(std::int32_t axis, dtype type = dtype::s32,
                       std::int32_t line = __builtin_LINE()) {
  return detail::index_along(ops::arg_max, axis, type, line);
}
constexpr auto arg_min(std::int32_t axis, dtype type = dtype::s32,
                       std::int32_t line = __builtin_LINE()) {
  return detail::index_along(ops::arg_min, axis, type, line);
}

// ---- functions of two values ----

/// (a - b)^2 and a / b with broadcasting.
template <int C, int D>
constexpr value<C> squared_difference(const value<C>& a, const value<D>& b, affine q = {},
                                      binary_options o = {}, std::int32_t line = __builtin_LINE()) {
  return detail::binary(ops::qnn_squared_difference, ops::squared_difference, a, b, q, o, line);
}
template <int C, int D>
constexpr value<C> div(const value<C>& a, const value<D>& b, affine q = {}, binary_options o = {},
                       std::int32_t line = __builtin_LINE()) {
  return detail::binary(ops::qnn_div, ops::div, a, b, q, o, line);
}

namespace detail {
/// Minimum and maximum of raw values: one quantization for all three.
template <int C, int D>
constexpr value<C> extremum(const op_def& quantized, const op_def& plain, const value<C>& a,
                            const value<D>& b, std::int32_t line) {
  value<C> v = a;
  const std::int32_t other = v.net.wrong.what == mistake::none ? join(v, b) : 0;
  if (v.net.wrong.what != mistake::none) return v;
  const tensor_info x = v.net.tensors[a.out[0]], y = v.net.tensors[other];
  if (x.type != y.type)
    return broken(v, mistake::element_types_differ, dims{static_cast<std::int32_t>(x.type)},
                  dims{static_cast<std::int32_t>(y.type)}, line);
  if (x.scale != y.scale || x.zero_point != y.zero_point)
    return broken(v, mistake::quantizations_differ, dims{millionths(x.scale), x.zero_point},
                  dims{millionths(y.scale), y.zero_point}, line);
  const std::int32_t ins[2]{a.out[0], other};
  return then(v, head_of(operator_for(quantized, plain, x), rounding::none, line), ins,
              attribute_list{}, typed_as(x.type, {x.scale, x.zero_point}));
}
template <int C, int D>
constexpr value<C> compared(const op_def& quantized, const op_def& plain, const value<C>& a,
                            const value<D>& b, rounding round, std::int32_t line) {
  value<C> v = a;
  const std::int32_t other = v.net.wrong.what == mistake::none ? join(v, b) : 0;
  if (v.net.wrong.what != mistake::none) return v;
  const tensor_info x = v.net.tensors[a.out[0]], y = v.net.tensors[other];
  if (x.type != y.type)
    return broken(v, mistake::element_types_differ, dims{static_cast<std::int32_t>(x.type)},
                  dims{static_cast<std::int32_t>(y.type)}, line);
  const std::int32_t ins[2]{a.out[0], other};
  // What the operator on quantized values does not take (int16) is compared as it is.
  const bool by_value = x.quantized() && takes_input(quantized, 0, x.type);
  return then(v, head_of(by_value ? quantized : plain, round, line), ins, attribute_list{},
              typed_as(dtype::boolean, {}));
}
}  // namespace detail
/// The lesser (larger) of two values of one quantization, with broadcasting.
template <int C, int D>
constexpr value<C> minimum(const value<C>& a, const value<D>& b,
                           std::int32_t line = __builtin_LINE()) {
  return detail::extremum(ops::qnn_minimum, ops::minimum, a, b, line);
}
template <int C, int D>
constexpr value<C> maximum(const value<C>& a, const value<D>& b,
                           std::int32_t line = __builtin_LINE()) {
  return detail::extremum(ops::qnn_maximum, ops::maximum, a, b, line);
}
/// Comparisons: booleans; 8-bit values are compared as reals.
template <int C, int D>
constexpr value<C> equal(const value<C>& a, const value<D>& b, rounding r = rounding::none,
                         std::int32_t line = __builtin_LINE()) {
  return detail::compared(ops::qnn_equal, ops::equal, a, b, r, line);
}
template <int C, int D>
constexpr value<C> not_equal(const value<C>& a, const value<D>& b, rounding r = rounding::none,
                             std::int32_t line = __builtin_LINE()) {
  return detail::compared(ops::qnn_not_equal, ops::not_equal, a, b, r, line);
}
template <int C, int D>
constexpr value<C> less(const value<C>& a, const value<D>& b, rounding r = rounding::none,
                        std::int32_t line = __builtin_LINE()) {
  return detail::compared(ops::qnn_less, ops::less, a, b, r, line);
}
template <int C, int D>
constexpr value<C> less_equal(const value<C>& a, const value<D>& b, rounding r = rounding::none,
                              std::int32_t line = __builtin_LINE()) {
  return detail::compared(ops::qnn_less_equal, ops::less_equal, a, b, r, line);
}
template <int C, int D>
constexpr value<C> greater(const value<C>& a, const value<D>& b, rounding r = rounding::none,
                           std::int32_t line = __builtin_LINE()) {
  return detail::compared(ops::qnn_greater, ops::greater, a, b, r, line);
}
template <int C, int D>
constexpr value<C> greater_equal(const value<C>& a, const value<D>& b, rounding r = rounding::none,
                                 std::int32_t line = __builtin_LINE()) {
  return detail::compared(ops::qnn_greater_equal, ops::greater_equal, a, b, r, line);
}

struct batch_matmul_options {
  bool adj_x = false, adj_y = false;  // the operand is stored with its last two axes exchanged
  std::optional<dtype> type{};        // of the result; none: as the first operand
  rounding round = rounding::none;
};
/// Matrix products [..., M, K] x [..., K, N] of two values. Without an output quantization:
/// accumulators, as after conv2d.
template <int C, int D>
constexpr value<C> batch_matmul(const value<C>& a, const value<D>& b, affine q = {},
                                batch_matmul_options o = {}, std::int32_t line = __builtin_LINE()) {
  value<C> v = a;
  const std::int32_t other = v.net.wrong.what == mistake::none ? detail::join(v, b) : 0;
  if (v.net.wrong.what != mistake::none) return v;
  const detail::tensor_info x = v.net.tensors[a.out[0]], y = v.net.tensors[other];
  const std::int32_t ins[2]{a.out[0], other};
  detail::attribute_list list{};
  append_attributes(list, batch_matmul_attrs{o.adj_x, o.adj_y});
  if (&detail::operator_for(ops::qnn_batch_matmul, ops::batch_matmul, x) == &ops::batch_matmul)
    return detail::then(v, detail::head_of(ops::batch_matmul, o.round, line), ins, list,
                        detail::typed_as(x.type, {}));
  if (!detail::need_quantized(v, x, line) || !detail::need_quantized(v, y, line)) return v;
  return detail::layer(v, detail::head_of(ops::qnn_batch_matmul, o.round, line), ins, list, q,
                       o.type);
}

// ---- images and data movement ----

/// Nearest neighbour: `x | resize_nearest({.out_h = 32, .out_w = 32, .half_pixel_centers = true})`.
constexpr auto resize_nearest(resize_attrs o, std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::resize_nearest,
      [o](detail::attribute_list& a, const detail::tensor_info&) { append_attributes(a, o); },
      line);
}
/// Bilinear; the quantization stays.
constexpr auto resize_bilinear(resize_attrs o, rounding round = rounding::none,
                               std::int32_t line = __builtin_LINE()) {
  detail::attribute_list a{};
  append_attributes(a, o);
  return detail::function(ops::qnn_resize_bilinear, ops::resize_bilinear,
                          detail::result_range::input, a, {}, round, line);
}
/// Axes in another order: `x | transpose({0, 3, 1, 2})`.
constexpr auto transpose(dims perm, std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::transpose,
      [perm](detail::attribute_list& a, const detail::tensor_info&) {
        a.integer_list("perm", perm);
      },
      line);
}
/// A box: `size` -1 is everything from `begin` on.
constexpr auto slice(dims begin, dims size, std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::slice,
      [begin, size](detail::attribute_list& a, const detail::tensor_info&) {
        a.integer_list("begin", begin), a.integer_list("size", size);
      },
      line);
}
/// Python's slicing: `x | strided_slice({.begin = {0, 1}, .end = {1, -1}, .strides = {1, 2}})`.
constexpr auto strided_slice(strided_slice_attrs o, std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::strided_slice,
      [o](detail::attribute_list& a, const detail::tensor_info&) { append_attributes(a, o); },
      line);
}
constexpr auto tile(dims multiples, std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::tile,
      [multiples](detail::attribute_list& a, const detail::tensor_info&) {
        a.integer_list("multiples", multiples);
      },
      line);
}
constexpr auto reverse(dims axes, std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::reverse,
      [axes](detail::attribute_list& a, const detail::tensor_info&) {
        a.integer_list("axes", axes);
      },
      line);
}
constexpr auto broadcast_to(dims shape, std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::broadcast_to,
      [shape](detail::attribute_list& a, const detail::tensor_info&) {
        a.integer_list("shape", shape);
      },
      line);
}
constexpr auto space_to_depth(std::int32_t block, std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::space_to_depth,
      [block](detail::attribute_list& a, const detail::tensor_info&) {
        a.integer("block_size", block);
      },
      line);
}
constexpr auto depth_to_space(std::int32_t block, std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::depth_to_space,
      [block](detail::attribute_list& a, const detail::tensor_info&) {
        a.integer("block_size", block);
      },
      line);
}
namespace detail {
/// paddings: how many before and after, axis by axis.
template <std::size_t N>
constexpr auto padded(const op_def& quantized, const op_def& plain,
                      const std::int32_t (&paddings)[N], std::int32_t mode, std::int32_t line) {
  std::array<std::int64_t, N> p{};
  for (std::size_t i = 0; i < N; ++i) p[i] = paddings[i];
  return pending{[=, &quantized, &plain]<int C>(const value<C>& x) {
    return moved(
        operator_for(quantized, plain, first(x)),
        [&](attribute_list& a, const tensor_info&) {
          a.integer_list("paddings", p);
          if (mode != 0) a.integer("mode", mode);
        },
        line)(x);
  }};
}
}  // namespace detail
/// Real zeros around: two numbers per axis, `x | pad({0, 0, 1, 1, 1, 1, 0, 0})`.
template <std::size_t N>
constexpr auto pad(const std::int32_t (&paddings)[N], std::int32_t line = __builtin_LINE()) {
  return detail::padded(ops::qnn_pad, ops::pad, paddings, 0, line);
}
/// The tensor's own elements around, mirrored: without its edge (reflect) or with it (symmetric).
template <std::size_t N>
constexpr auto mirror_pad(const std::int32_t (&paddings)[N], pad_mode mode = pad_mode::reflect,
                          std::int32_t line = __builtin_LINE()) {
  return detail::padded(ops::mirror_pad, ops::mirror_pad, paddings, static_cast<std::int32_t>(mode),
                        line);
}

/// Equal pieces along an axis: `const auto p = x | split(3, 2);` then p[0], p[1].
constexpr auto split(std::int32_t axis, std::int32_t pieces, std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    const detail::tensor_info t = detail::first(x);
    const std::int32_t rank = t.shape.rank, at = axis < 0 ? axis + rank : axis;
    if (at < 0 || at >= rank)
      return detail::broken(x, mistake::axis_out_of_range, dims{-rank, rank - 1}, dims{axis}, line);
    if (pieces < 1 || pieces > 16 || t.shape.extent[at] % pieces != 0)
      return detail::broken(x, mistake::attribute_out_of_range, dims{t.shape.extent[at]},
                            dims{pieces}, line);
    value<C> v = x;
    std::array<detail::tensor_info, 16> types{};
    types.fill(detail::typed_as(t.type, {t.scale, t.zero_point}));
    detail::attribute_list a{};
    a.integer("axis", axis);
    std::int32_t ids[16]{};
    if (detail::append(v.net, detail::head_of(ops::split, rounding::none, line), {x.out, 1}, a,
                       {types.data(), as_size(pieces)}, ids)) {
      for (std::int32_t i = 0; i < pieces; ++i) v.out[i] = ids[i], v.out_name[i] = nullptr;
      v.outs = pieces;
    }
    return v;
  }};
}

// ---- with memory ----

struct svdf_options {
  std::int32_t units = 0, rank = 1;  // results; filters per unit
  const char* name = nullptr;        // of the state: two layers need two names
  affine state{};                    // quantization of the state (int16)
};
/// A layer with memory (keyword spotting): x int8 [B, C], feature weights int8 [units * rank, C],
/// time weights int16 [units * rank, M], result int8 [B, units].
constexpr auto svdf(svdf_options o, constant feature, constant time, constant bias, affine out,
                    std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    value<C> v = x;
    const detail::tensor_info t = detail::first(x);
    if (!detail::need_quantized(v, t, line)) return v;
    if (t.shape.rank != 2)
      return detail::broken(v, mistake::wrong_rank, dims{0, 0}, detail::unpack(t.shape), line);
    if (!(o.state.scale > 0))
      return detail::broken(v, mistake::scale_not_positive, dims{1},
                            dims{detail::millionths(o.state.scale)}, line);
    const std::int32_t filters = detail::count_of(o.units, o.rank), depth = t.shape.extent[1],
                       memory = filters > 0 ? static_cast<std::int32_t>(time.count) / filters : 0;
    if (filters < 1 || feature.count != product_of(filters, depth))
      return detail::broken(v, mistake::weight_count_differs,
                            dims{detail::count_of(filters, depth)},
                            dims{static_cast<std::int32_t>(feature.count)}, line);
    if (memory < 1 || time.count != product_of(filters, memory))
      return detail::broken(v, mistake::weight_count_differs,
                            dims{detail::count_of(filters, memory < 1 ? 1 : memory)},
                            dims{static_cast<std::int32_t>(time.count)}, line);
    if (bias.present() && bias.count != as_size(o.units))
      return detail::broken(v, mistake::bias_count_differs, dims{o.units},
                            dims{static_cast<std::int32_t>(bias.count)}, line);
    detail::tensor_info state = detail::typed_as(dtype::s16, o.state);
    state.role = detail::role::state;
    state.shape = detail::pack(dims{t.shape.extent[0], filters * memory});
    state.name = o.name ? o.name : "svdf";
    const std::int32_t ins[5]{
        x.out[0], v.net.add_tensor(detail::constant_info(feature, dims{filters, depth}, 0), line),
        v.net.add_tensor(detail::constant_info(time, dims{filters, memory}, 0), line),
        v.net.add_tensor(state, line),
        bias.present() ? v.net.add_tensor(detail::constant_info(bias, dims{o.units}, 0), line)
                       : -1};
    detail::attribute_list a{};
    append_attributes(a, svdf_attrs{o.rank});
    const detail::tensor_info outs[2]{detail::typed_as(dtype::s8, out),
                                      detail::result_info(updates(3), {})};
    std::int32_t ids[2]{};
    if (detail::append(v.net, detail::head_of(ops::qnn_svdf, rounding::none, line),
                       {ins, bias.present() ? std::size_t{5} : std::size_t{4}}, a, outs, ids))
      v.out[0] = ids[0];
    v.outs = 1;
    v.out_name[0] = nullptr;
    return v;
  }};
}

struct lstm_options {
  std::int32_t units = 0;                               // cells
  const char *name = "lstm", *cell_name = "lstm/cell";  // of its two states, hidden and cell: two
                                                        // layers need two of each
  double cell_scale = 0x1p-11;  // of the cell (int16): a power of two, 2^-16 to 2^-6
  bool time_major = false;      // x and the result are [T, B, C] instead of [B, T, C]
  double cell_clip = 0;         // > 0: bound of the cell, as a real number
  double projection_clip = 0;   // > 0: bound of the projected values
  affine hidden{};              // of output gate * tanh(cell), before a projection; none: as the
                                // result
};
/// What a gate of an LSTM is made of, one row or number per unit. Weights have one scale and zero
/// point 0.
struct lstm_gate {
  constant input{};          // int8 [units, C]
  constant recurrent{};      // int8 [units, S], S the elements of the hidden state
  constant bias{};           // int32 [units]
  constant peephole{};       // int16 [units], or none; the cell gate has none
  constant normalization{};  // int16 [units]: layer normalization of all gates or none
  double sum_scale = 0;      // with normalization: scale of the gate's sums before it
};
struct lstm_weights {
  lstm_gate forget{}, cell{}, output{};
  lstm_gate input{};           // none: 1 - forget gate
  constant projection{};       // int8 [S, units], or none: S is units
  constant projection_bias{};  // int32 [S], or none
};
namespace detail {
/// One operand of an LSTM: where it stands, and what shape it must have.
struct lstm_operand {
  const constant* data;
  std::int32_t at;
  dims shape;
  bool optional;
};
/// x [B, T, C] of a layer whose hidden state has `state` elements.
constexpr std::array<lstm_operand, 21> lstm_operands(const lstm_weights& w, std::int32_t units,
                                                     std::int32_t channels, std::int32_t state) {
  const dims wide{units, channels}, full{units, state}, one{units};
  return {{{&w.forget.input, 1, wide, false},
           {&w.cell.input, 2, wide, false},
           {&w.output.input, 3, wide, false},
           {&w.forget.recurrent, 4, full, false},
           {&w.cell.recurrent, 5, full, false},
           {&w.output.recurrent, 6, full, false},
           {&w.forget.bias, 7, one, false},
           {&w.cell.bias, 8, one, false},
           {&w.output.bias, 9, one, false},
           {&w.input.input, 12, wide, true},
           {&w.input.recurrent, 13, full, true},
           {&w.input.bias, 14, one, true},
           {&w.projection, 15, dims{state, units}, true},
           {&w.projection_bias, 16, dims{state}, true},
           {&w.forget.peephole, 17, one, true},
           {&w.output.peephole, 18, one, true},
           {&w.input.peephole, 19, one, true},
           {&w.forget.normalization, 20, one, true},
           {&w.cell.normalization, 21, one, true},
           {&w.output.normalization, 22, one, true},
           {&w.input.normalization, 23, one, true}}};
}
constexpr lstm_attrs attributes_of(const lstm_options& o, const lstm_weights& w) {
  lstm_attrs a;
  a.time_major = o.time_major, a.cell_clip = o.cell_clip, a.projection_clip = o.projection_clip;
  a.hidden_scale = o.hidden.scale, a.hidden_zero_point = o.hidden.zero_point;
  a.forget_scale = w.forget.sum_scale, a.cell_scale = w.cell.sum_scale;
  a.output_scale = w.output.sum_scale, a.input_scale = w.input.sum_scale;
  return a;
}
}  // namespace detail
/// A long short-term memory layer over a sequence: x int8 [B, T, C], result int8 [B, T, S] with
/// quantization `out`, which the hidden state has too. Two states, [B, S] int8 and [B, units]
/// int16, live in the network from run to run.
constexpr auto lstm(lstm_options o, lstm_weights w, affine out,
                    std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    value<C> v = x;
    const detail::tensor_info t = detail::first(x);
    if (!detail::need_quantized(v, t, line)) return v;
    if (t.shape.rank != 3)
      return detail::broken(v, mistake::wrong_rank, dims{0, 0, 0}, detail::unpack(t.shape), line);
    for (const double scale : {out.scale, o.cell_scale})
      if (!(scale > 0))
        return detail::broken(v, mistake::scale_not_positive, dims{1},
                              dims{detail::millionths(scale)}, line);
    const std::int32_t state = w.projection.present() && o.units > 0
                                   ? static_cast<std::int32_t>(w.projection.count) / o.units
                                   : o.units,
                       batch = t.shape.extent[o.time_major ? 1 : 0];
    std::array<std::int32_t, 24> ins{};
    ins.fill(-1);
    ins[0] = x.out[0];
    std::size_t count = 12;
    for (const detail::lstm_operand& p :
         detail::lstm_operands(w, o.units, t.shape.extent[2], state)) {
      if (p.optional && !p.data->present()) continue;
      if (p.data->count != p.shape.elements().value || p.data->count == 0)
        return detail::broken(v, mistake::weight_count_differs, p.shape,
                              dims{static_cast<std::int32_t>(p.data->count)}, line);
      if (p.data->type != dtype::s32 && !(p.data->scale > 0))
        return detail::broken(v, mistake::scale_not_positive, dims{1},
                              dims{detail::millionths(p.data->scale)}, line);
      ins[as_size(p.at)] = v.net.add_tensor(detail::constant_info(*p.data, p.shape, 0), line);
      count = std::max(count, as_size(p.at) + 1);
    }
    const auto add_state = [&](dtype type, affine q, std::int32_t elements, const char* name) {
      detail::tensor_info s = detail::typed_as(type, q);
      s.role = detail::role::state;
      s.shape = detail::pack(dims{batch, elements});
      s.name = name;
      return v.net.add_tensor(s, line);
    };
    ins[10] = add_state(dtype::s8, out, state, o.name);
    ins[11] = add_state(dtype::s16, {o.cell_scale, 0}, o.units, o.cell_name);
    detail::attribute_list a{};
    append_attributes(a, detail::attributes_of(o, w));
    const detail::tensor_info outs[3]{detail::typed_as(dtype::s8, out),
                                      detail::result_info(updates(10), {}),
                                      detail::result_info(updates(11), {})};
    std::int32_t ids[3]{};
    if (detail::append(v.net, detail::head_of(ops::qnn_lstm, rounding::none, line),
                       {ins.data(), count}, a, outs, ids))
      v.out[0] = ids[0];
    v.outs = 1;
    v.out_name[0] = nullptr;
    return v;
  }};
}

}  // namespace typed
OCTET_NAMESPACE_END

#endif  // OCTET_TYPED_FUNCTIONS_HPP_
