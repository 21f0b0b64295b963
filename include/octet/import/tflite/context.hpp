// What a row of the TFLite loader works with: one operator of the file, and the graph under
// construction.
#ifndef OCTET_IMPORT_TFLITE_CONTEXT_HPP_
#define OCTET_IMPORT_TFLITE_CONTEXT_HPP_

#include "octet/graph/fold.hpp"
#include "octet/graph/graph.hpp"
#include "octet/graph/verify.hpp"
#include "octet/import/tflite/options.hpp"
#include "octet/import/tflite/schema.hpp"
#include "octet/laws/activation.hpp"
#include "octet/ops/by_law.hpp"
#include "octet/ops/list.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

/// One operator of the file. `in(i)` and `out(i)` are tensors of the graph (no_tensor where
/// absent).
class tflite_node {
 public:
  tflite_node(graph& g, const tflite_options& o, std::string name, std::vector<tensor_id> in,
              std::vector<tensor_id> out, tflite_schema::options_reader opt)
      : options(opt),
        settings(o),
        g_(&g),
        name_(std::move(name)),
        in_(std::move(in)),
        out_(std::move(out)) {}

  tflite_schema::options_reader options;  // by the published field ids
  const tflite_options& settings;
  std::span<const std::uint8_t> custom_options{};
  std::vector<tensor_id> intermediates{};  // LSTM
  laws::framework_facts framework{};       // what of the file a rounding depends on

  graph& g() const { return *g_; }
  std::size_t inputs() const { return in_.size(); }
  std::size_t outputs() const { return out_.size(); }
  bool has(std::size_t i) const { return i < in_.size() && in_[i] != no_tensor; }
  tensor_id in_id(std::size_t i) const { return i < in_.size() ? in_[i] : no_tensor; }
  tensor_id out_id(std::size_t i = 0) const { return i < out_.size() ? out_[i] : no_tensor; }
  const tensor& in(std::size_t i) const { return (*g_)[in_[i]]; }  // only where has(i)
  tensor& out(std::size_t i = 0) const { return (*g_)[out_[i]]; }
  /// Field i of the options: a fused activation.
  tflite_activation fused(int i) { return static_cast<tflite_activation>(options.i8(i)); }
  const std::string& name() const { return name_; }
  const std::vector<tensor_id>& ins() const { return in_; }
  const std::vector<tensor_id>& outs() const { return out_; }
  bool is_constant(std::size_t i) const { return has(i) && in(i).role == tensor::kind::constant; }
  /// A constant s32 or s64 input as integers; empty otherwise.
  std::vector<std::int64_t> integers(std::size_t i) const {
    std::vector<std::int64_t> v;
    if (!is_constant(i)) return v;
    const tensor& t = in(i);
    const std::size_t n = t.shape.elements().value;
    for (std::size_t k = 0; k < n; ++k) {
      if (t.type == dtype::s32) {
        std::int32_t e;
        std::memcpy(&e, t.data.bytes.data() + 4 * k, 4);
        v.push_back(e);
      } else if (t.type == dtype::s64) {
        std::int64_t e;
        std::memcpy(&e, t.data.bytes.data() + 8 * k, 8);
        v.push_back(e);
      }
    }
    return v;
  }
  static double scale(const tensor& t) { return t.scales.empty() ? 1.0 : t.scales[0]; }
  static std::int32_t zero(const tensor& t) { return t.zero_points.empty() ? 0 : t.zero_points[0]; }
  /// As TFLite spells it for axes and the like: negative counts from the end.
  static std::int64_t wrap(std::int64_t axis, std::int32_t rank) {
    return axis < 0 ? axis + rank : axis;
  }

  /// What the law says of a node on these tensors.
  laws::decision decide(const op_def& op, const std::vector<tensor_id>& in,
                        const std::vector<tensor_id>& out, const attributes& attrs = {}) const {
    if (!op.decide) return rounding::none;
    const node n{&op, {}, attrs, rounding::none, in, out};
    return octet::decide(op, settings.arithmetic, node_inputs(*g_, n).view(), framework);
  }
  /// Emits a node, infers its outputs' shapes, folds it where everything is known. The law gives
  /// its rounding and the bounds of a fused activation.
  status emit(const op_def& op, std::vector<tensor_id> in, std::vector<tensor_id> out,
              attributes attrs = {}, tflite_activation fused = tflite_activation::none) {
    const laws::decision d = decide(op, in, out, attrs);
    if (!d.known)
      return unsupported(std::string(op.name) + " under law",
                         std::string(octet::name_of(settings.arithmetic)));
    return emit(op, std::move(in), std::move(out), std::move(attrs), fused, d);
  }
  /// The same on the operator's own inputs and outputs.
  status emit(const op_def& op, attributes attrs = {},
              tflite_activation fused = tflite_activation::none) {
    return emit(op, in_, out_, std::move(attrs), fused);
  }
  /// The same as was decided elsewhere: accumulators (rounding none), and what follows them.
  status emit(const op_def& op, std::vector<tensor_id> in, std::vector<tensor_id> out,
              attributes attrs, tflite_activation fused, const laws::decision& decided) {
    if (fused != tflite_activation::none)
      if (auto s = set_activation(attrs, fused, (*g_)[out[0]], decided.by); !s) return s;
    g_->add_node(op, name_, std::move(in), std::move(out), std::move(attrs), decided.round);
    const node n = g_->nodes.back();
    if (auto s = infer_shapes(*g_, n); !s) return s;
    auto folded = fold_constant(*g_, n);
    if (!folded) return folded.error();
    if (*folded) g_->nodes.pop_back();
    return unit{};
  }
  /// A new value for results between this operator's nodes.
  tensor_id temporary(const char* suffix, dtype type, std::vector<double> scales = {},
                      std::vector<std::int32_t> zero_points = {}, std::int32_t axis = -1) {
    tensor t;
    t.name = (out_.empty() ? name_ : out(0).name) + suffix;
    t.type = type;
    t.scales = std::move(scales);
    t.zero_points = std::move(zero_points);
    t.axis = axis;
    return g_->add(std::move(t));
  }

 private:
  /// The fused activation as bounds on the values of tensor y. TANH and SIGN_BIT exist in the
  /// schema but no kernel takes them.
  static status set_activation(attributes& to, tflite_activation fused, const tensor& y,
                               laws::library by) {
    activation a = activation::none;
    switch (fused) {
      case tflite_activation::none: return unit{};
      case tflite_activation::relu: a = activation::relu; break;
      case tflite_activation::relu6: a = activation::relu6; break;
      case tflite_activation::relu_n1_to_1: a = activation::relu_n1_to_1; break;
      case tflite_activation::tanh:
      case tflite_activation::sign_bit: break;
    }
    if (a == activation::none)
      return unsupported("fused activation", std::to_string(static_cast<int>(fused)),
                         "NONE, RELU, RELU6, RELU_N1_TO_1");
    if (y.type == dtype::f32) {
      const laws::real_bounds c = laws::bounds_of(a);
      if (c.lo) to.set("float_lo", static_cast<double>(*c.lo));
      if (c.hi) to.set("float_hi", static_cast<double>(*c.hi));
      return unit{};
    }
    const laws::clamp_bounds c = laws::activation_bounds(by, a, y.type, scale(y), zero(y));
    to.set("clamp_lo", c.lo);
    to.set("clamp_hi", c.hi);
    return unit{};
  }

  graph* g_;
  std::string name_;
  std::vector<tensor_id> in_, out_;
};

/// One row of the loader: the operator's code in the schema, its name there, and what it becomes.
struct tflite_row {
  std::int32_t code;
  const char* name;
  status (*convert)(tflite_node&);  // null: known by name, not supported
};

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_CONTEXT_HPP_
