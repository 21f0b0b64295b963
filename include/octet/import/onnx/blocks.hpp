// Which float images ONNX Runtime 1.32 holds in blocks of channels (its NchwcTransformer, the last
// of its graph passes), and which images of codes channels last (its NhwcTransformer, before it).
// What is exact stays as it is; means of images and BatchNormalization round otherwise in blocks,
// linear Resize of codes where channels are last.
#ifndef OCTET_IMPORT_ONNX_BLOCKS_HPP_
#define OCTET_IMPORT_ONNX_BLOCKS_HPP_

#include <algorithm>

#include "octet/import/onnx/rows_values.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

/// A convolution that it runs in blocks, whatever order its input has: weights of the file's own,
/// numbers of channels that its kernels take.
inline bool convolves_blocks(const emitter& m, const call& c) {
  const value& w = c.input(1);
  if (!m.is_constant(w) || m.type(w) != dtype::f32 || m.rank(w) != 4) return false;
  if (w.id != no_tensor && m.is_dequantized(w.id)) return false;
  if (c.has(2) && !m.is_constant(c.in[2])) return false;
  constexpr std::int32_t aligned = 4;  // what its reordering of inputs takes
  const dims s = m.shape(w);
  const attribute* group = c.n.find("group");
  const std::int64_t groups = group && group->integer ? *group->integer : 1;
  if (groups <= 1) return s[1] < laws::pool_block || s[1] % aligned == 0;
  if (s[0] % aligned != 0) return false;
  if (s[1] == 1 && s[0] == groups) return true;
  return laws::blocks_channels(s[1]) && s[0] % groups == 0 &&
         laws::blocks_channels(static_cast<std::int32_t>(s[0] / groups));
}
/// All operands in blocks, of one shape; joined ones of whole blocks along the channels.
inline bool meets_in_blocks(const emitter& m, const call& c) {
  const bool joins = c.n.is("Concat");
  const attribute* axis = c.n.find("axis");
  if (joins && (!axis || axis->integer != 1)) return false;
  for (const value& v : c.in) {
    if (!v.in_blocks()) return false;
    if (joins ? !rows::is_blocked(m, v) : !(m.shape(v) == m.shape(c.in[0]))) return false;
  }
  return !c.in.empty();
}
/// What a node makes of the order of its inputs. `alone`: whether nothing else reads the first.
template <class Alone>
channel_order order_of_result(const emitter& m, const call& c, const Alone& alone) {
  static constexpr std::string_view passes[] = {
      "Relu", "Sigmoid", "Tanh", "HardSigmoid", "HardSwish", "Gelu", "BatchNormalization"};
  static constexpr std::string_view into_layer[] = {"Clip", "LeakyRelu"};
  const node& n = c.n;
  if (!n.domain.empty() || c.in.empty() || !c.has(0) || m.type(c.in[0]) != dtype::f32)
    return channel_order::plain;
  const value& x = c.in[0];
  const auto is_one_of = [&](std::span<const std::string_view> list) {
    return std::find(list.begin(), list.end(), n.op) != list.end();
  };
  const auto blocked_if = [](bool yes) {
    return yes ? channel_order::blocked : channel_order::plain;
  };
  if (n.op == "Identity" || n.op == "Dropout") return x.order;
  if (n.op == "Conv") return convolves_blocks(m, c) ? channel_order::layer : channel_order::plain;
  if (n.op == "MaxPool") return blocked_if(rows::is_blocked(m, x) && n.out.size() == 1);
  if (n.op == "AveragePool") {
    const auto set = [&](const char* key) {
      const attribute* a = n.find(key);
      return a && a->integer.value_or(0) != 0;
    };
    return blocked_if(rows::is_blocked(m, x) && !(set("ceil_mode") && set("count_include_pad")));
  }
  if (n.op == "GlobalMaxPool" || n.op == "GlobalAveragePool")
    return blocked_if(rows::is_blocked(m, x) && x.order != channel_order::plain);
  if (n.op == "Add" || n.op == "Sum" || n.op == "Mul" || n.op == "Concat")
    return blocked_if(meets_in_blocks(m, c));
  if (is_one_of(passes)) return blocked_if(x.in_blocks());
  return blocked_if(is_one_of(into_layer) && x.order == channel_order::layer && alone());
}

/// Whether what a node gives stays channels last only on the way to a quantized convolution: its
/// pass moves a Transpose behind such a node for another one's sake alone.
inline bool waits_for_layer(const node& n) {
  return n.op == "QLinearLeakyRelu" || n.op == "QLinearSigmoid" || n.op == "QLinearAveragePool" ||
         n.op == "QLinearAdd" || n.op == "QLinearMul" || n.op == "Resize" || n.op == "Upsample";
}
/// Whether a node gives an image of codes that is held channels last. `reaches_layer()`: whether a
/// quantized convolution reads the result, or what such nodes make of it.
template <class Reaches>
bool holds_channels_last(const emitter& m, const call& c, const Reaches& reaches_layer) {
  constexpr std::size_t parameters = 3;  // an operand with its scale and zero point
  const node& n = c.n;
  if (c.in.empty() || !c.has(0) || c.out.empty() || c.out[0].id == no_tensor ||
      m.rank(c.out[0]) != 4)
    return false;
  if (n.is("QLinearConv")) return true;
  const bool pair = n.op == "QLinearAdd" || n.op == "QLinearMul";
  if (!pair && n.op != "QLinearConcat") {
    const bool always =
        n.is("MaxPool") || n.op == "QLinearGlobalAveragePool" ||
        (n.is("Resize") && c.in[0].codes_last && n.text("mode", "nearest") == "linear");
    return c.in[0].codes_last && (always || (waits_for_layer(n) && reaches_layer()));
  }
  bool any = false, all = true;
  for (std::size_t i = pair ? 0 : 2; i < (pair ? 2 * parameters : c.in.size()); i += parameters) {
    const value& v = c.input(i);
    any |= v.codes_last, all &= v.codes_last || (pair && m.is_constant(v));
  }
  const bool alone = pair && !(c.input(0).codes_last && c.input(parameters).codes_last);
  return any && all && (!alone || reaches_layer());
}

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_BLOCKS_HPP_
