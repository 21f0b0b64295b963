// The graph that a loader builds: nodes with their shapes, folded where everything is known, values
// between nodes, layers that accumulate and requantize.
#ifndef OCTET_IMPORT_COMMON_BUILDER_HPP_
#define OCTET_IMPORT_COMMON_BUILDER_HPP_

#include "octet/graph/fold.hpp"
#include "octet/graph/graph.hpp"
#include "octet/graph/verify.hpp"
#include "octet/import/common/error.hpp"
#include "octet/ops/dynamic.hpp"
#include "octet/ops/requantize.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

/// A quantized layer with weights: `op` sums products into an integer accumulator, which a
/// requantization brings to the output.
struct accumulation {
  const op_def* op = nullptr;
  std::vector<tensor_id> in{};  // input, weights, integer bias where there is one
  attributes attrs{};
  dtype accumulator = dtype::s32;
  std::vector<double> scales{};     // of the accumulator: one, or one per output channel
  tensor_id real_bias = no_tensor;  // float32, added to the accumulator when it is requantized
  tensor_id out = no_tensor;
  attributes clamp{};  // bounds of a fused activation
  rounding round = rounding::none;
};

/// A layer on float values with integer weights: its input is quantized when it runs, row by row,
/// and its accumulator becomes float again.
struct dynamic_accumulation {
  const op_def* op = nullptr;
  tensor_id in = no_tensor, weights = no_tensor, bias = no_tensor;  // the bias is float32
  attributes attrs{};
  dtype quantized = dtype::s8, accumulator = dtype::s32;
  std::vector<double> scales{};  // of the weights: one, or one per output channel
  attributes quantize{}, dequantize{};
  rounding quantize_round = rounding::none, dequantize_round = rounding::none;
  tensor_id out = no_tensor;
};

/// Owns the graph while a loader fills it. Functions that can fail return what the operator's own
/// rules say; the loader attaches the place.
class graph_builder {
 public:
  graph_builder(std::string file, law arithmetic, const limits& l) : max(l) {
    g.name = std::move(file);
    g.arithmetic = arithmetic;
  }

  graph g;
  const limits max;

  /// The next nodes come from this operator of the file and take its name: "CONV_2D #12".
  void enter(std::string operator_name) { operator_ = std::move(operator_name); }
  const std::string& operator_name() const noexcept { return operator_; }

  /// Adds a node and works out its outputs' shapes. Where all inputs are constants, so are the
  /// outputs, and no node is left.
  status emit(const op_def& op, std::vector<tensor_id> in, std::vector<tensor_id> out,
              attributes attrs = {}, rounding round = rounding::none) {
    node& n = g.add_node(op, operator_, std::move(in), std::move(out), std::move(attrs), round);
    if (auto s = infer_shapes(g, n); !s) return s;
    return fold_last();
  }

  /// A value between nodes; its shape comes from the node that writes it.
  tensor_id temporary(std::string name, dtype type, std::vector<double> scales = {},
                      std::vector<std::int32_t> zero_points = {}, std::int32_t axis = -1) {
    tensor t;
    t.name = std::move(name);
    t.type = type;
    t.scales = std::move(scales);
    t.zero_points = std::move(zero_points);
    t.axis = axis;
    return g.add(std::move(t));
  }
  /// A value with type and quantization of another.
  tensor_id like(tensor_id of, std::string name = {}) {
    const tensor& t = g[of];
    return temporary(std::move(name), t.type, t.scales, t.zero_points, t.axis);
  }
  /// A constant of one axis.
  template <class T> tensor_id constant(const std::vector<T>& v, std::string name = {}) {
    return g.add_constant(std::move(name), dtype_of<T>, dims{static_cast<std::int32_t>(v.size())},
                          constant_data::of(std::span<const T>(v)));
  }
  /// A constant without axes.
  template <class T> tensor_id scalar_constant(T v, std::string name = {}) {
    return g.add_constant(std::move(name), dtype_of<T>, dims{},
                          constant_data::of(std::span<const T>(&v, 1)));
  }

  /// `name` is that of the operator's output; values between nodes are called after it.
  status accumulate_and_requantize(accumulation a, const std::string& name) {
    auto acc = accumulate(*a.op, std::move(a.in), std::move(a.attrs), a.accumulator,
                          std::move(a.scales), after(name, "/accumulator"));
    if (!acc) return acc.error();
    std::vector<tensor_id> in{*acc};
    if (a.real_bias != no_tensor) in.push_back(a.real_bias);
    return emit(ops::requantize, std::move(in), {a.out}, std::move(a.clamp), a.round);
  }
  status accumulate_dynamically(dynamic_accumulation a, const std::string& name) {
    const tensor_id quantized = temporary(after(name, "/quantized"), a.quantized),
                    rows = temporary(after(name, "/row_scales"), dtype::f32);
    if (auto s = emit(ops::dynamic_quantize, {a.in}, {quantized, rows}, std::move(a.quantize),
                      a.quantize_round);
        !s)
      return s;
    auto acc = accumulate(*a.op, {quantized, a.weights}, std::move(a.attrs), a.accumulator,
                          std::move(a.scales), after(name, "/accumulator"));
    if (!acc) return acc.error();
    std::vector<tensor_id> in{*acc, rows};
    if (a.bias != no_tensor) in.push_back(a.bias);
    return emit(ops::dynamic_dequantize, std::move(in), {a.out}, std::move(a.dequantize),
                a.dequantize_round);
  }

  /// The finished graph, if it keeps every rule. The builder is empty afterwards.
  result<graph> finish() {
    if (auto s = verify(g, max); !s) return s.error();
    return std::move(g);
  }

 private:
  static std::string after(const std::string& name, const char* suffix) {
    return name.empty() ? name : name + suffix;
  }
  /// Scales of an accumulator go along its channels, which are its last axis.
  result<tensor_id> accumulate(const op_def& op, std::vector<tensor_id> in, attributes attrs,
                               dtype type, std::vector<double> scales, std::string name) {
    const tensor_id acc = temporary(std::move(name), type, std::move(scales));
    node& n = g.add_node(op, operator_, std::move(in), {acc}, std::move(attrs));
    if (auto s = infer_shapes(g, n); !s) return s.error();
    if (g[acc].scales.size() > 1) g[acc].axis = g[acc].shape.rank - 1;
    if (auto s = fold_last(); !s) return s.error();
    return acc;
  }
  status fold_last() {
    auto folded = fold_constant(g, g.nodes.back());
    if (!folded) return folded.error();
    if (*folded) g.nodes.pop_back();
    return unit{};
  }

  std::string operator_;
};

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_COMMON_BUILDER_HPP_
