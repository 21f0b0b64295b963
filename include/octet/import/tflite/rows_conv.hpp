// TFLite operators with weights: CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED. In plain form:
// accumulate, then requantize.
#ifndef OCTET_IMPORT_TFLITE_ROWS_CONV_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_CONV_HPP_

#include "octet/import/tflite/context.hpp"
#include "octet/import/tflite/rows_elementwise.hpp"
#include "octet/laws/dynamic.hpp"
#include "octet/laws/layers.hpp"
#include "octet/laws/padding.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

/// `in`: input, weights and maybe a bias.
inline status accumulate_and_requantize(tflite_node& n, const op_def& op, attributes attrs,
                                        std::vector<tensor_id> in, tflite_activation fused) {
  const tensor &x = n.g()[in[0]], &w = n.g()[in[1]];
  if (x.type == dtype::f32 && !w.scales.empty() && w.type != dtype::s8)
    return unsupported("quantized weights next to floats", std::string(name_of(w.type)), "int8");
  if (x.scales.empty() || w.scales.empty() || n.out().scales.empty())
    return unsupported("operator without quantization parameters", std::string(name_of(x.type)),
                       "quantized input, weights and output");
  return n.accumulate(accumulation{.op = &op, .in = std::move(in), .attrs = std::move(attrs)},
                      fused);
}

/// What XNNPACK's delegate looks at of a layer of inputs `in`: input, weights and maybe a bias.
inline laws::delegated_layer delegated(const tflite_node& n, std::span<const tensor_id> in) {
  const auto normal = [&n](tensor_id t) {
    for (const double s : n.g()[t].scales)
      if (s < static_cast<double>(std::numeric_limits<float>::min())) return false;
    return !n.g()[t].scales.empty();
  };
  const tensor& w = n.g()[in[1]];
  const tflite_stored stored = n.of_file(in[1]);
  const bool floats = n.g()[in[0]].type == dtype::f32;
  laws::delegated_layer d;
  d.stored = stored.constant;
  d.normal = normal(in[1]);
  d.first_axis = n.of_file(in[0]).axis == 0 && n.of_file(n.out_id()).axis == 0 &&
                 (w.type != dtype::u8 || stored.axis == 0);
  d.whole_bytes = stored.packed_bits == 0;
  if (in.size() > 2 && in[2] != no_tensor) {
    d.stored = d.stored && n.of_file(in[2]).constant;
    d.normal = d.normal && (floats || normal(in[2]));
  }
  return d;
}
/// Whether TFLite's optimized kernel computes a quantized layer of 8 bits because of that.
inline bool is_optimized_layer(const tflite_node& n, std::span<const tensor_id> in) {
  const tensor &x = n.g()[in[0]], &w = n.g()[in[1]];
  return laws::has_xnnpack(n.g().arithmetic) && is_8bit(x.type) && !x.scales.empty() &&
         !w.scales.empty() && is_8bit(n.out().type) && !n.out().scales.empty() &&
         !delegated(n, in).taken();
}
/// A quantized layer of 8 bits that TFLite's optimized kernel computes.
inline status optimized_layer(tflite_node& n, const laws::decision& d, accumulation layer,
                              tflite_activation fused) {
  layer.options.decided = d;
  return n.accumulate(std::move(layer), fused);
}
/// The same where it is rounded in blocks, of channels in int8, in uint8 of elements.
inline status layer_in_blocks(tflite_node& n, accumulation layer, tflite_activation fused) {
  const bool bytes = n.out().type == dtype::u8;
  layer.options.decided = rounding::doubling_high_half_up;
  layer.options.decided->f32_product = bytes;
  const auto sums = n.sums_of(std::move(layer));
  if (!sums) return sums.error();
  return bytes ? requantize_elements_in_blocks(n, *sums, fused)
               : requantize_in_blocks(n, *sums, n.out_id(), laws::optimized_block::channels, fused);
}

/// TFLite's kernels of convolutions do not look at a zero point of int8 weights, and of fully
/// connected layers only where there is one; packed weights beside uint8, and in convolutions those
/// of 2 bits, they take for whole bytes.
inline status check_weights(const tflite_node& n, tensor_id x, tensor_id w, bool fully_connected) {
  const tensor& t = n.g()[w];
  if (!fully_connected && n.of_file(w).packed_bits == 2)
    return unsupported("weights of 2 bits of a convolution", {}, "8 or 4 bits");
  if (t.type == dtype::s8 && !(fully_connected && t.scales.size() == 1 && is_8bit(n.g()[x].type)))
    for (const std::int32_t z : t.zero_points)
      if (z != 0) return unsupported("zero point of int8 weights", std::to_string(z), "0");
  if (n.g()[x].type == dtype::u8 && n.of_file(w).packed_bits != 0)
    return unsupported("weights of 4 or 2 bits next to uint8", {}, "next to int8, int16, float32");
  return unit{};
}
/// The framework's kernels read what they expect of a bias, whatever the file calls it: next to 8
/// bits int32, next to int16 int64 unless the operator says int32. `asks`: the kernel looks at what
/// the operator says.
inline status check_bias(const tflite_node& n, tensor_id x, tensor_id bias,
                         tflite_schema::tensor_type said, bool asks = true) {
  if (bias == no_tensor || n.g()[x].scales.empty()) return unit{};
  const dtype type = n.g()[bias].type;
  if (type != dtype::s32 && type != dtype::s64) return unit{};  // refused by the operator
  if (is_8bit(n.g()[x].type) && type != dtype::s32)
    return unsupported("bias next to 8 bits", std::string(name_of(type)), "int32");
  if (n.g()[x].type != dtype::s16) return unit{};
  using tflite_schema::tensor_type;
  if (asks && said != tensor_type{} && tflite_schema::dtype_of_tensor(said) != type)
    return invalid("bias of another type than quantized_bias_type says", std::string(name_of(type)),
                   std::string(tflite_schema::name_of(said)));
  if (type == dtype::s32 && !(asks && said == tensor_type::int32))
    return unsupported(
        "int32 bias next to int16", {},
        asks ? "int64, or quantized_bias_type says int32: TFLite reads it as int64" : "int64");
  return unit{};
}
/// Dynamic-range layers: float activations, 8-bit weights.
inline bool is_dynamic(const tflite_node& n) {
  return n.in(0).type == dtype::f32 && n.in(1).type == dtype::s8 && !n.in(1).scales.empty() &&
         n.out().type == dtype::f32;
}
/// Layers of floats whose weights are called uint8.
inline result<bool> read_uint8_weights_as_int8(tflite_node& n, std::size_t i) {
  return n.in(0).type == dtype::f32 && n.out().type == dtype::f32 ? read_uint8_as_int8(n, i)
                                                                  : result<bool>(false);
}
inline error_info uint8_beside_floats() {
  return unsupported("uint8 weights next to floats", {},
                     "under tflite_ref: XNNPACK leaves them to kernels that round another way");
}
inline status dynamic_layer(tflite_node& n, const op_def& op, attributes attrs,
                            const laws::dynamic_facts& layer, tflite_activation fused,
                            std::optional<law> computed_by = {}) {
  return n.accumulate(dynamic_accumulation{.op = &op,
                                           .in = n.in_id(0),
                                           .weights = n.in_id(1),
                                           .bias = n.in_id(2),
                                           .attrs = std::move(attrs),
                                           .layer = layer,
                                           .computed_by = computed_by},
                      fused);
}

/// Float islands: the plain operator with the activation as bounds.
inline bool is_plain(const tflite_node& n) {
  return n.in(0).type == dtype::f32 && n.in(1).type == dtype::f32;
}
/// A padding code is one of the schema's two.
inline status check_padding(tflite_schema::padding_scheme p) {
  if (p == tflite_schema::padding_scheme::same || p == tflite_schema::padding_scheme::valid)
    return unit{};
  return invalid("padding", std::to_string(static_cast<int>(p)), "0 (SAME), 1 (VALID)");
}
/// Strides, dilations and paddings of a window over x[N,H,W,C] with weights w[_,KH,KW,_].
template <class Options>
attributes window_attributes(const Options& o, const dims& x, const dims& weights) {
  conv2d_attrs a;
  a.stride_h = o.stride_h, a.stride_w = o.stride_w;
  a.dilation_h = o.dilation_h, a.dilation_w = o.dilation_w;
  if (o.padding == tflite_schema::padding_scheme::same) {
    const auto h = laws::same_padding(x[1], weights[1], o.stride_h, o.dilation_h),
               w = laws::same_padding(x[2], weights[2], o.stride_w, o.dilation_w);
    a.pad_top = h.before, a.pad_bottom = h.after, a.pad_left = w.before, a.pad_right = w.after;
  }
  attributes to = to_attributes(a);
  to.erase("groups");
  return to;
}

inline status conv_2d(tflite_node& n) {
  if (!n.has(0) || !n.has(1)) return invalid("operator without input or weights");
  const dims x = n.in(0).shape, w = n.in(1).shape;
  if (x.rank != 4 || w.rank != 4 || w[3] < 1)
    return invalid("rank of input or weights", to_string(x) + " and " + to_string(w),
                   "[N,H,W,C] and [O,KH,KW,I]");
  const auto o = n.options<tflite_schema::conv_2d_options>();
  if (auto s = check_padding(o.padding); !s) return s;
  const auto uint8_weights = read_uint8_weights_as_int8(n, 1);
  if (!uint8_weights) return uint8_weights.error();
  if (*uint8_weights && laws::has_xnnpack(n.g().arithmetic)) return uint8_beside_floats();
  if (*uint8_weights) {  // the framework looks at the first scale alone
    tensor& of = n.g()[n.in_id(1)];
    of.scales.resize(1), of.axis = -1;
  }
  if (auto s = check_weights(n, n.in_id(0), n.in_id(1), false); !s) return s;
  if (auto s = check_bias(n, n.in_id(0), n.in_id(2), o.bias_type); !s) return s;
  attributes a = window_attributes(o, x, w);
  if (x[3] % w[3] != 0)
    return invalid("input channels", std::to_string(x[3]), "a multiple of " + std::to_string(w[3]));
  if (x[3] != w[3]) a.set("groups", std::int64_t{x[3] / w[3]});
  if (is_plain(n)) return n.emit(ops::float_conv2d, std::move(a), o.activation);
  if (is_dynamic(n)) {
    laws::dynamic_facts layer;
    layer.layer = laws::dynamic_layer::conv2d;
    layer.pointwise = w[1] == 1 && w[2] == 1 && w[3] == x[3] && o.stride_w == 1 && o.stride_h == 1;
    layer.images = x[0];
    layer.vectors = std::int64_t{x[0]} * x[1] * x[2];
    layer.products = std::int64_t{w[1]} * w[2] * w[3];
    const bool taken = delegated(n, n.ins()).taken();
    layer.int4_weights = !taken;  // what it means to a law
    // With one scale TFLite's own kernel is the reference's.
    return dynamic_layer(n, ops::conv2d, std::move(a), layer, o.activation,
                         taken || n.in(1).scales.size() > 1 ? n.g().arithmetic : law::tflite_ref);
  }
  if (is_optimized_layer(n, n.ins()))
    return optimized_layer(n, laws::optimized_conv2d(n.in(0).type, x[3] != w[3]),
                           {.op = &ops::conv2d, .in = n.ins(), .attrs = std::move(a)},
                           o.activation);
  return accumulate_and_requantize(n, ops::conv2d, std::move(a), n.ins(), o.activation);
}

inline status depthwise_conv_2d(tflite_node& n) {
  if (!n.has(0) || !n.has(1)) return invalid("operator without input or weights");
  const dims &x = n.in(0).shape, &w = n.in(1).shape;
  if (x.rank != 4 || w.rank != 4)
    return invalid("rank of input or weights", to_string(x) + " and " + to_string(w),
                   "[N,H,W,C] and [1,KH,KW,C*multiplier]");
  const auto o = n.options<tflite_schema::depthwise_conv_2d_options>();
  if (auto s = check_padding(o.padding); !s) return s;
  if (auto s = check_weights(n, n.in_id(0), n.in_id(1), false); !s) return s;
  if (auto s = check_bias(n, n.in_id(0), n.in_id(2), {}, false); !s) return s;
  attributes a = window_attributes(o, x, w);
  if (is_plain(n)) return n.emit(ops::float_depthwise_conv2d, std::move(a), o.activation);
  if (is_dynamic(n)) {
    laws::dynamic_facts layer;
    layer.layer = laws::dynamic_layer::depthwise_conv2d;
    layer.images = x[0];
    layer.products = std::int64_t{w[1]} * w[2];
    return dynamic_layer(n, ops::depthwise_conv2d, std::move(a), layer, o.activation);
  }
  if (is_optimized_layer(n, n.ins())) {
    n.framework.weights_axis = 1;  // what it means to a law
    if (n.in(0).type == dtype::s8)
      return layer_in_blocks(
          n, {.op = &ops::depthwise_conv2d, .in = n.ins(), .attrs = std::move(a)}, o.activation);
  }
  return accumulate_and_requantize(n, ops::depthwise_conv2d, std::move(a), n.ins(), o.activation);
}

/// Of a fully connected layer XNNPACK takes weights of 4 bits whose rows are whole bytes, and of 2
/// bits if each row has a scale too.
inline laws::delegated_layer delegated_fully_connected(const tflite_node& n) {
  laws::delegated_layer d = delegated(n, n.ins());
  const tensor& w = n.in(1);
  const int bits = n.of_file(n.in_id(1)).packed_bits;
  d.whole_bytes = bits == 0 || (w.shape.rank == 2 && w.shape[1] * std::int64_t{bits} % 8 == 0 &&
                                (bits != 2 || std::ssize(w.scales) == w.shape[0]));
  return d;
}
/// The scales of blocks as XNNPACK holds them: binary16 of the file, rounded to bfloat16, ties to
/// even.
inline result<std::vector<float>> block_scales(const tflite_node& n, std::int32_t blocks) {
  const dims& w = n.in(1).shape;
  const tensor_id id = n.blocks->scales;
  if (id == no_tensor || n.g()[id].role != tensor::kind::constant || n.g()[id].type != dtype::f16 ||
      !(n.g()[id].shape == dims{w[0], blocks}))
    return invalid("scales of the blocks",
                   id == no_tensor
                       ? std::string("none")
                       : std::string(name_of(n.g()[id].type)) + to_string(n.g()[id].shape),
                   "a constant float16" + to_string(dims{w[0], blocks}));
  // A file that gives no zero points may name any tensor.
  if (const tensor_id z = n.blocks->zero_points;
      z != no_tensor && n.g()[z].role == tensor::kind::constant &&
      n.g()[z].shape.elements().value == n.g()[id].shape.elements().value && z != id)
    for (const std::byte b : n.g()[z].data.bytes)
      if (b != std::byte{0}) return unsupported("zero points of blocks", {}, "0");
  const std::span<const std::byte> bytes = n.g()[id].data.bytes;
  std::vector<float> scales;
  for (std::size_t i = 0; 2 * i < bytes.size(); ++i) {
    std::uint16_t half;
    std::memcpy(&half, bytes.data() + 2 * i, sizeof half);
    const auto bits = std::bit_cast<std::uint32_t>(numerics::from_f16(half));
    scales.push_back(std::bit_cast<float>((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000u));
    if (!is_scale(static_cast<double>(scales.back())))
      return invalid("scale of a block", std::to_string(scales.back()), "a positive finite number");
  }
  return scales;
}
/// Weights of 4 bits with a scale for each block of a row.
inline status blockwise_layer(tflite_node& n, const tflite_schema::fully_connected_options& o) {
  const dims x = n.in(0).shape, w = n.in(1).shape;
  if (!laws::blockwise_fully_connected(facts_of_file(n)).known)
    return unsupported(
        "blockwise quantization of the weights", {},
        "under tflite_xnnpack: the reference kernels do not read the blocks' scales");
  if (n.in(0).type != dtype::f32 || n.out().type != dtype::f32 || !n.framework.int4_weights ||
      !n.is_constant(1))
    return unsupported("operands of a layer with blockwise weights",
                       std::string(name_of(n.in(0).type)), "float32, constant weights of int4");
  const std::int32_t size = n.blocks->size;
  if (w.rank != 2 || w[1] < 1 || size < 32 || size % 32 != 0 || w[1] % size != 0)
    return unsupported("blocks", std::to_string(size) + " elements of " + to_string(w),
                       "a multiple of 32 that divides the rows of a matrix");
  const auto scales = block_scales(n, w[1] / size);
  if (!scales) return scales.error();
  if (auto s = n.make_constant(scales->size() * sizeof(float)); !s) return s;
  const std::int64_t rows = static_cast<std::int64_t>(x.elements().value / as_size(w[1]));
  tensor_id in = n.in_id(0);
  if (x.rank < 1 || x.back(0) != w[1]) {
    attributes r;
    r.set("shape", std::vector<std::int64_t>{rows, w[1]});
    in = n.temporary("/rows", dtype::f32);
    if (auto s = n.emit(ops::reshape, {n.in_id(0)}, {in}, std::move(r)); !s) return s;
  }
  const tensor_id factors = n.g().add_constant(n.out().name + "/block_scales", dtype::f32,
                                               dims{w[0], w[1] / size},
                                               constant_data::of(std::span<const float>(*scales))),
                  codes = n.temporary("/quantized", dtype::s16),
                  row_scales = n.temporary("/row_scales", dtype::f32);
  attributes quantize, layer;
  quantize.set("rows", rows);
  quantize.set("asymmetric", std::int64_t{1});
  if (o.keep_num_dims) layer.set("keep_dims", std::int64_t{1});
  if (auto s = n.emit(ops::dynamic_quantize, {in}, {codes, row_scales}, std::move(quantize)); !s)
    return s;
  std::vector<tensor_id> operands{codes, row_scales, n.in_id(1), factors};
  if (n.has(2)) operands.push_back(n.in_id(2));
  return n.emit(ops::blockwise_fully_connected, std::move(operands), n.outs(), std::move(layer),
                o.activation);
}

inline status fully_connected(tflite_node& n) {
  if (!n.has(0) || !n.has(1)) return invalid("operator without input or weights");
  const auto o = n.options<tflite_schema::fully_connected_options>();
  if (o.format != tflite_schema::weights_format::plain)
    return unsupported("weights format", std::to_string(static_cast<int>(o.format)), "0 (default)");
  if (n.blocks) return blockwise_layer(n, o);
  const auto uint8_weights = read_uint8_weights_as_int8(n, 1);
  if (!uint8_weights) return uint8_weights.error();
  if (*uint8_weights && laws::has_xnnpack(n.g().arithmetic)) return uint8_beside_floats();
  if (auto s = check_weights(n, n.in_id(0), n.in_id(1), true); !s) return s;
  // The default interpreter's kernel looks at the bias itself.
  using tflite_schema::tensor_type;
  const bool looks = laws::has_xnnpack(n.g().arithmetic) && o.bias_type == tensor_type{} &&
                     n.has(2) && n.in(2).type == dtype::s32;
  if (auto s = check_bias(n, n.in_id(0), n.in_id(2), looks ? tensor_type::int32 : o.bias_type); !s)
    return s;
  attributes a;
  if (o.keep_num_dims) a.set("keep_dims", std::int64_t{1});
  if (is_plain(n)) return n.emit(ops::float_fully_connected, std::move(a), o.activation);
  if (is_dynamic(n)) {
    const dims w = n.in(1).shape;
    if (w.rank != 2 || w[1] < 1) return invalid("shape of the weights", to_string(w), "[N,K]");
    laws::dynamic_facts layer;
    layer.layer = laws::dynamic_layer::fully_connected;
    layer.asks_zero_point = o.asymmetric_quantize_inputs;
    layer.vectors = static_cast<std::int64_t>(n.in(0).shape.elements().value / as_size(w[1]));
    layer.products = w[1];
    const bool taken = delegated_fully_connected(n).taken();  // its own kernel is the reference's
    return dynamic_layer(n, ops::fully_connected, std::move(a), layer, o.activation,
                         taken ? n.g().arithmetic : law::tflite_ref);
  }
  n.framework.no_int64_bias = !n.has(2) && o.bias_type != tflite_schema::tensor_type::int64;
  if (laws::has_xnnpack(n.g().arithmetic) && is_8bit(n.in(0).type) && !n.in(0).scales.empty() &&
      !n.in(1).scales.empty() && is_8bit(n.out().type) && !n.out().scales.empty() &&
      !(delegated_fully_connected(n).taken() &&
        (n.in(1).type == dtype::u8 || tflite_node::zero(n.in(1)) == 0)))
    return optimized_layer(n, laws::optimized_fully_connected(n.in(1).scales.size() > 1),
                           {.op = &ops::fully_connected, .in = n.ins(), .attrs = std::move(a)},
                           o.activation);
  return accumulate_and_requantize(n, ops::fully_connected, std::move(a), n.ins(), o.activation);
}

inline constexpr tflite_row conv_rows[] = {
    {"CONV_2D", &conv_2d},
    {"DEPTHWISE_CONV_2D", &depthwise_conv_2d},
    {"FULLY_CONNECTED", &fully_connected},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_CONV_HPP_
