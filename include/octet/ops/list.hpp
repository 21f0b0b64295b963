// The operators octet has: one row each. Dispatch, verification, tests, benchmarks and the
// documentation's table go through this list.
#ifndef OCTET_OPS_LIST_HPP_
#define OCTET_OPS_LIST_HPP_

#include "octet/ops/add.hpp"
#include "octet/ops/attention.hpp"
#include "octet/ops/batch_matmul.hpp"
#include "octet/ops/binary.hpp"
#include "octet/ops/blockwise.hpp"
#include "octet/ops/concat.hpp"
#include "octet/ops/conv2d.hpp"
#include "octet/ops/conv3d.hpp"
#include "octet/ops/dequantize.hpp"
#include "octet/ops/detection.hpp"
#include "octet/ops/dynamic.hpp"
#include "octet/ops/dynamic_layers.hpp"
#include "octet/ops/dynamic_transpose.hpp"
#include "octet/ops/embedding_bag.hpp"
#include "octet/ops/fake_quantize.hpp"
#include "octet/ops/float_layers.hpp"
#include "octet/ops/fourier.hpp"
#include "octet/ops/fully_connected.hpp"
#include "octet/ops/gather.hpp"
#include "octet/ops/grid_sample.hpp"
#include "octet/ops/l2_normalization.hpp"
#include "octet/ops/layer_norm.hpp"
#include "octet/ops/local_response.hpp"
#include "octet/ops/lookup.hpp"
#include "octet/ops/lstm.hpp"
#include "octet/ops/movement.hpp"
#include "octet/ops/mul.hpp"
#include "octet/ops/norm.hpp"
#include "octet/ops/pad.hpp"
#include "octet/ops/pool2d.hpp"
#include "octet/ops/pose.hpp"
#include "octet/ops/prelu.hpp"
#include "octet/ops/quantize.hpp"
#include "octet/ops/recurrent.hpp"
#include "octet/ops/reduce.hpp"
#include "octet/ops/requantize.hpp"
#include "octet/ops/requantize_add.hpp"
#include "octet/ops/resample.hpp"
#include "octet/ops/reshape.hpp"
#include "octet/ops/resize.hpp"
#include "octet/ops/scatter.hpp"
#include "octet/ops/softmax.hpp"
#include "octet/ops/svdf.hpp"
#include "octet/ops/transpose_conv2d.hpp"
#include "octet/ops/unary.hpp"
#include "octet/ops/variance.hpp"

OCTET_NAMESPACE_BEGIN

namespace detail {
inline constexpr const op_def* builtin_list[] = {
    &ops::conv2d,
    &ops::depthwise_conv2d,
    &ops::fully_connected,
    &ops::requantize,
    &ops::requantize_add,
    &ops::quantize,
    &ops::dequantize,
    &ops::dynamic_quantize,
    &ops::dynamic_quantize_asymmetric,
    &ops::dynamic_dequantize,
    &ops::dynamic_quantize_linear,
    &ops::dynamic_conv2d,
    &ops::dynamic_transpose_conv2d,
    &ops::dynamic_transposed,
    &ops::dynamic_fully_connected,
    &ops::float_conv2d,
    &ops::float_depthwise_conv2d,
    &ops::float_transpose_conv2d,
    &ops::float_conv3d,
    &ops::float_fully_connected,
    &ops::blockwise_fully_connected,
    &ops::qnn_add,
    &ops::qnn_sub,
    &ops::add,
    &ops::sub,
    &ops::qnn_mul,
    &ops::mul,
    &ops::qnn_avg_pool2d,
    &ops::qnn_max_pool2d,
    &ops::avg_pool2d,
    &ops::max_pool2d,
    &ops::l2_pool2d,
    &ops::qnn_mean,
    &ops::qnn_sum,
    &ops::qnn_reduce_prod,
    &ops::mean,
    &ops::sum,
    &ops::variance,
    &ops::reduce_max,
    &ops::reduce_min,
    &ops::reduce_prod,
    &ops::reduce_any,
    &ops::reduce_all,
    &ops::qnn_pad,
    &ops::pad,
    &ops::mirror_pad,
    &ops::reshape,
    &ops::squeeze,
    &ops::expand_dims,
    &ops::identity,
    &ops::qnn_concat,
    &ops::concat,
    &ops::qnn_logistic,
    &ops::logistic,
    &ops::qnn_tanh,
    &ops::tanh,
    &ops::qnn_hard_swish,
    &ops::hard_swish,
    &ops::qnn_hard_sigmoid,
    &ops::hard_sigmoid,
    &ops::qnn_elu,
    &ops::elu,
    &ops::qnn_gelu,
    &ops::gelu,
    &ops::qnn_exp,
    &ops::exp,
    &ops::qnn_log,
    &ops::log,
    &ops::qnn_sqrt,
    &ops::sqrt,
    &ops::qnn_rsqrt,
    &ops::rsqrt,
    &ops::qnn_sin,
    &ops::sin,
    &ops::qnn_cos,
    &ops::cos,
    &ops::qnn_abs,
    &ops::abs,
    &ops::qnn_neg,
    &ops::neg,
    &ops::qnn_square,
    &ops::square,
    &ops::qnn_relu,
    &ops::relu,
    &ops::qnn_relu6,
    &ops::relu6,
    &ops::qnn_relu_n1_to_1,
    &ops::relu_n1_to_1,
    &ops::qnn_relu_0_to_1,
    &ops::relu_0_to_1,
    &ops::qnn_leaky_relu,
    &ops::leaky_relu,
    &ops::floor,
    &ops::ceil,
    &ops::round,
    &ops::sign,
    &ops::erf,
    &ops::softplus,
    &ops::silu,
    &ops::qnn_lstm,
    &ops::qnn_svdf,
    &ops::float_lstm,
    &ops::rnn,
    &ops::float_svdf,
    &ops::qnn_softmax,
    &ops::softmax,
    &ops::qnn_log_softmax,
    &ops::log_softmax,
    &ops::qnn_prelu,
    &ops::prelu,
    &ops::qnn_l2_normalization,
    &ops::l2_normalization,
    &ops::local_response_normalization,
    &ops::pack,
    &ops::minimum,
    &ops::maximum,
    &ops::equal,
    &ops::not_equal,
    &ops::less,
    &ops::less_equal,
    &ops::greater,
    &ops::greater_equal,
    &ops::logical_and,
    &ops::logical_or,
    &ops::squared_difference,
    &ops::div,
    &ops::floor_div,
    &ops::floor_mod,
    &ops::pow,
    &ops::bitwise_xor,
    &ops::right_shift,
    &ops::qnn_minimum,
    &ops::qnn_maximum,
    &ops::qnn_equal,
    &ops::qnn_not_equal,
    &ops::qnn_less,
    &ops::qnn_less_equal,
    &ops::qnn_greater,
    &ops::qnn_greater_equal,
    &ops::qnn_squared_difference,
    &ops::qnn_div,
    &ops::select,
    &ops::cast,
    &ops::fake_quantize,
    &ops::transpose,
    &ops::slice,
    &ops::strided_slice,
    &ops::tile,
    &ops::reverse,
    &ops::broadcast_to,
    &ops::space_to_depth,
    &ops::depth_to_space,
    &ops::space_to_batch,
    &ops::batch_to_space,
    &ops::split,
    &ops::unpack,
    &ops::gather,
    &ops::gather_nd,
    &ops::one_hot,
    &ops::scatter_nd,
    &ops::sparse_to_dense,
    &ops::dynamic_slice,
    &ops::dynamic_update_slice,
    &ops::reverse_sequence,
    &ops::matrix_set_diag,
    &ops::segment_reduce,
    &ops::embedding_bag,
    &ops::lookup,
    &ops::bucketize,
    &ops::rfft2d,
    &ops::complex_abs,
    &ops::non_max_suppression,
    &ops::detection_postprocess,
    &ops::pose_decode,
    &ops::pose_masks,
    &ops::arg_max,
    &ops::arg_min,
    &ops::cumsum,
    &ops::topk,
    &ops::qnn_batch_matmul,
    &ops::batch_matmul,
    &ops::attention,
    &ops::transpose_conv2d,
    &ops::resize_nearest,
    &ops::qnn_resize_bilinear,
    &ops::resize_bilinear,
    &ops::resample,
    &ops::grid_sample,
    &ops::batch_norm,
    &ops::layer_norm,
    &ops::group_norm,
    &ops::float_layer_norm,
};
#if defined(OCTET_EXTERN) && defined(OCTET_IMPLEMENTATION)
// Other files see of an operator's prepare and reference declarations only: here the list is used,
// and with it everything that it points to is compiled.
extern const op_def* const* const compiled_list;
const op_def* const* const compiled_list = builtin_list;
#endif
}  // namespace detail

#if defined(OCTET_IMPLEMENTATION)  // once, where octet itself is built
namespace detail {
/// Whether an operator's shape rule makes `want` of quantized images of these shapes.
constexpr bool makes_shape(const op_def& op, std::initializer_list<dims> in,
                           std::span<const attribute> attrs, const dims& want) {
  std::array<tensor_desc, 2> ins{};
  std::size_t count = 0;
  for (const dims& d : in) ins[count++] = {dtype::s8, d};
  const tensor_desc out{dtype::s8, want};
  const std::array<std::span<const std::byte>, 2> constants{};
  const std::array<bool, 2> given{true, true};
  const attribute_view view(attrs);
  dims shape;
  const status s = op.shape({std::span(ins).first(count),
                             {&out, 1},
                             std::span(constants).first(count),
                             std::span(given).first(count),
                             &view},
                            {&shape, 1});
  return s && shape == want;
}
/// pad_top 1, pad_bottom 2, pad_left 3, pad_right 4 around 8 x 8 pixels under a 1 x 1 window.
constexpr bool has_padding_attributes(const op_def& op) {
  const attribute attrs[] = {{"pad_top", std::int64_t{1}},
                             {"pad_bottom", std::int64_t{2}},
                             {"pad_left", std::int64_t{3}},
                             {"pad_right", std::int64_t{4}}};
  return makes_shape(op, {dims{1, 8, 8, 1}, dims{1, 1, 1, 1}}, attrs, dims{1, 11, 15, 1});
}
constexpr bool has_paddings(const op_def& op) {
  const std::int64_t paddings[] = {0, 0, 1, 2, 3, 4, 0, 0};
  const attribute attrs[] = {{"paddings", std::span<const std::int64_t>(paddings)}};
  return makes_shape(op, {dims{1, 8, 8, 1}}, attrs, dims{1, 11, 15, 1});
}
/// Forms that give the sums themselves, and forms that round them.
constexpr bool has_sums(const op_def& op) {
  bool sums = false, rounds = false;
  for (const form& f : op.forms) {
    sums |= f.roundings.contains(rounding::none) && f.out[0].set().contains(dtype::s32);
    for (const rounding r : enumerators<rounding>)
      rounds |= r != rounding::none && f.roundings.contains(r);
  }
  return sums && rounds;
}
/// Forms of accumulators, each with a rounding; where a second input is given, a float bias.
constexpr bool rounds_sums(const op_def& op) {
  if (op.min_inputs != 1 || op.max_inputs != 2 || !op.optional.contains(1)) return false;
  for (const form& f : op.forms)
    if (f.roundings.contains(rounding::none) || !f.in[0].set().contains(dtype::s32) ||
        (f.in[1].given() && !(f.in[1].set() == type_set(dtype::f32))))
      return false;
  return true;
}
/// Forms with a rounding, and the law that gives it: neither without the other.
constexpr bool has_law(const op_def& op) {
  bool rounds = false;
  for (const form& f : op.forms)
    for (const rounding r : enumerators<rounding>)
      rounds |= r != rounding::none && f.roundings.contains(r);
  return op.decide != nullptr || !rounds;
}
/// What laws say of an operator on int8, or on float32 where it takes no int8, is in its forms.
constexpr bool has_forms_of_laws(const op_def& op) {
  if (op.decide == nullptr) return true;
  rounding_set taken;
  bool bytes = false;
  for (const form& f : op.forms) {
    taken = taken | f.roundings;
    bytes |= f.in[0].set().contains(dtype::s8);
  }
  for (const law l : enumerators<law>) {
    laws::facts f;
    f.arithmetic = l;
    f.x = f.w = f.y = {bytes ? dtype::s8 : dtype::f32, dims{1, 8, 8, 8}, bytes ? 0.1 : 0};
    if (const laws::decision d = op.decide(f); d.known && !taken.contains(d.round)) return false;
  }
  return true;
}
/// Inputs that a list may end without are those that may be absent, and no others are named.
constexpr bool has_optional_inputs(const op_def& op) {
  for (int i = 0; i < 32; ++i) {
    const bool absent = op.optional.contains(static_cast<std::size_t>(i));
    if (op.max_inputs >= 0 && (i >= op.max_inputs ? absent : i >= op.min_inputs && !absent))
      return false;
  }
  return true;
}
/// What an operator's row says of itself must be so: others rely on it (passes, direct calls,
/// limits).
template <const op_def& Op> struct checked {
  static_assert(!Op.summary.empty() && !Op.forms.empty() && Op.shape && Op.memory && Op.prepare,
                "octet: an operator without summary, forms, shape, memory or prepare");
  static_assert(Op.attributes.given(), "octet: an operator that does not say its attributes");
  static_assert(has_law(Op), "octet: an operator has roundings and no law that gives them");
  static_assert(has_forms_of_laws(Op),
                "octet: a law gives a rounding that no form of the operator has");
  static_assert(has_optional_inputs(Op),
                "octet: inputs from min_inputs on may be absent, and are not among `optional`");
  static_assert(!Op.quantized || Op.name.starts_with("qnn."),
                "octet: an operator on quantized values is printed with qnn. in front");
  static_assert(!Op.accumulates || (has_sums(Op) && Op.macs && Op.decide),
                "octet: an operator that accumulates has forms with and without rounding, macs and "
                "a law's decision");
  static_assert(!Op.requantizes || rounds_sums(Op),
                "octet: an operator that requantizes rounds accumulators, with an optional float "
                "bias");
  static_assert(!Op.pads_input || has_padding_attributes(Op),
                "octet: an operator that pads its input has pad_top, pad_bottom, pad_left and "
                "pad_right");
  static_assert(!Op.only_pads || has_paddings(Op),
                "octet: an operator that only pads has the attribute paddings");
};
template <std::size_t... I> constexpr bool all_checked(std::index_sequence<I...>) {
  return ((sizeof(checked<*builtin_list[I]>) != 0) && ...);
}
static_assert(all_checked(std::make_index_sequence<std::size(builtin_list)>()));
}  // namespace detail
#endif

/// All operators that come with octet.
constexpr std::span<const op_def* const> builtin_operators() { return detail::builtin_list; }

/// The operator of that name; null where there is none. `more`: operators registered from outside,
/// searched first.
constexpr const op_def* find_operator(std::string_view name,
                                      std::span<const op_def* const> more = {}) {
  for (const op_def* o : more)
    if (o->name == name) return o;
  for (const op_def* o : builtin_operators())
    if (o->name == name) return o;
  return nullptr;
}

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_LIST_HPP_
