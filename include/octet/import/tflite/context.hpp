// What a row of the TFLite loader works with: one operator of the file, and the graph under
// construction.
#ifndef OCTET_IMPORT_TFLITE_CONTEXT_HPP_
#define OCTET_IMPORT_TFLITE_CONTEXT_HPP_

#include "octet/import/common/builder.hpp"
#include "octet/import/tflite/builtin_operators.hpp"
#include "octet/import/tflite/options.hpp"
#include "octet/import/tflite/schema.hpp"
#include "octet/laws/tflite.hpp"
#include "octet/ops/list.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

/// Scales of weights, one for each `size` elements of a row: tensors of the graph.
struct tflite_blocks {
  tensor_id scales = no_tensor, zero_points = no_tensor;
  std::int32_t size = 0;
};

/// What the file says of a tensor and the graph does not keep.
struct tflite_stored {
  std::int32_t axis = 0;  // quantized_dimension
  int packed_bits = 0;    // of an element that shares a byte with others
  bool constant = false;  // its contents are in the file: it was not made one while loading
};

/// One operator of the file. `in(i)` and `out(i)` are tensors of the graph (no_tensor where
/// absent).
class tflite_node {
 public:
  tflite_node(graph_builder& to, const tflite_options& o, std::vector<tensor_id> in,
              std::vector<tensor_id> out, tflite_schema::options_reader options)
      : settings(o), options_(options), build_(to), in_(std::move(in)), out_(std::move(out)) {}

  const tflite_options& settings;
  std::span<const std::uint8_t> custom_options{};
  std::vector<tensor_id> intermediates{};  // LSTM
  laws::framework_facts framework{};       // what of the file a rounding depends on
  /// By tensor: bit i says that the file leaves the extent of axis i open until it runs.
  const std::vector<std::uint32_t>* open_axes = nullptr;
  const std::vector<tflite_stored>* stored = nullptr;  // by tensor of the file
  const std::vector<bool>* complex = nullptr;  // by tensor: pairs of real and imaginary part
  const tflite_blocks* blocks = nullptr;       // of input 1

  /// The operator's options, a struct of operator_options.hpp.
  template <class Options> Options options() { return options_.read<Options>(); }
  bool has_options() const { return options_.present(); }
  bool options_are_damaged() const { return options_.bad(); }

  graph& g() const { return build_.g; }
  std::size_t inputs() const { return in_.size(); }
  std::size_t outputs() const { return out_.size(); }
  bool has(std::size_t i) const { return i < in_.size() && in_[i] != no_tensor; }
  tensor_id in_id(std::size_t i) const { return i < in_.size() ? in_[i] : no_tensor; }
  tensor_id out_id(std::size_t i = 0) const { return i < out_.size() ? out_[i] : no_tensor; }
  const tensor& in(std::size_t i) const { return build_.g[in_[i]]; }  // only where has(i)
  tensor& out(std::size_t i = 0) const { return build_.g[out_[i]]; }
  const std::vector<tensor_id>& ins() const { return in_; }
  const std::vector<tensor_id>& outs() const { return out_; }
  /// Its elements are known; where there are none the file has no bytes that say so.
  bool is_constant(std::size_t i) const {
    return has(i) && (in(i).role == tensor::kind::constant ||
                      (in(i).role == tensor::kind::value && in(i).shape.elements().value == 0));
  }
  bool is_open(tensor_id t, std::int32_t axis) const {
    const auto i = as_size(t);
    return open_axes && t >= 0 && i < open_axes->size() && ((*open_axes)[i] >> axis & 1) != 0;
  }
  /// Whether XNNPACK may take the operator, by axes of its operands and results.
  bool xnnpack_takes_tensors() const {
    for (const auto* list : {&in_, &out_})
      for (const tensor_id t : *list)
        if (t != no_tensor && !laws::xnnpack_takes_tensor(of_file(t).axis, g()[t].shape.rank))
          return false;
    return true;
  }
  tflite_stored of_file(tensor_id t) const {
    const auto i = as_size(t);
    return stored && t >= 0 && i < stored->size() ? (*stored)[i] : tflite_stored{};
  }
  bool is_complex(tensor_id t) const {
    const auto i = as_size(t);
    return complex && t >= 0 && i < complex->size() && (*complex)[i];
  }
  /// A constant s32 or s64 input as integers; empty otherwise.
  std::vector<std::int64_t> integers(std::size_t i) const {
    std::vector<std::int64_t> v;
    if (!is_constant(i)) return v;
    const tensor& t = in(i);
    const std::size_t n = t.shape.elements().value;
    if (!build_.work.take(saturating_mul(n, sizeof(std::int64_t)))) return v;
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

  /// The operator's only output is known: these bytes, of `elements` of its type.
  status give_constant(const dims& shape, constant_data data) {
    if (auto s = build_.write(out_id()); !s) return s;
    tensor& y = out();
    if (y.role != tensor::kind::value)
      return invalid("a constant is written to a " + std::string(name_of(y.role)));
    y.shape = shape;
    y.data = std::move(data);
    y.role = tensor::kind::constant;
    return unit{};
  }
  /// Input i is that tensor from here on.
  void replace_input(std::size_t i, tensor_id t) { in_[i] = t; }
  status hold_constant(std::size_t bytes) { return build_.hold_constant(bytes); }
  /// Before a constant of so many bytes is made.
  status make_constant(std::size_t bytes) { return build_.make_constant(bytes); }

  /// Emits a node; the graph's law gives its rounding, and bounds where its options have a fused
  /// activation.
  status emit(const op_def& op, std::vector<tensor_id> in, std::vector<tensor_id> out,
              attributes attrs = {}, std::optional<tflite_activation> fused = {}) {
    const auto a = activation_of(fused.value_or(tflite_activation::none));
    if (!a) return a.error();
    if (fused && out[0] != no_tensor && g()[out[0]].type == dtype::f32) keep_finite(op, attrs);
    if (auto s = check_taken(op, in, out, attrs); !s) return s;
    return build_.emit(op, std::move(in), std::move(out), std::move(attrs), {*a, framework});
  }
  /// A node of which the row knows which kernel of the framework runs.
  status emit_decided(const laws::decision& d, const op_def& op, std::vector<tensor_id> in,
                      std::vector<tensor_id> out, tflite_activation fused = tflite_activation::none,
                      attributes attrs = {}) {
    const auto a = activation_of(fused);
    if (!a) return a.error();
    return build_.emit(op, std::move(in), std::move(out), std::move(attrs), {*a, framework, d});
  }
  /// The same on the operator's own inputs and outputs.
  status emit(const op_def& op, attributes attrs = {},
              std::optional<tflite_activation> fused = {}) {
    return emit(op, in_, out_, std::move(attrs), fused);
  }
  /// A layer with weights that ends in the operator's output.
  status accumulate(accumulation layer, tflite_activation fused) {
    const auto a = activation_of(fused);
    if (!a) return a.error();
    layer.out = out_id();
    layer.options.fused = *a, layer.options.framework = framework;
    return build_.accumulate_and_requantize(std::move(layer), out().name);
  }
  /// The exact sums of such a layer, to be rounded by another node.
  result<tensor_id> sums_of(accumulation layer) {
    layer.out = out_id();
    layer.options.framework = framework;
    const auto sums = build_.accumulate(layer, out().name);
    if (!sums) return sums.error();
    return sums->acc;
  }
  status accumulate(dynamic_accumulation layer, tflite_activation fused) {
    const auto a = activation_of(fused);
    if (!a) return a.error();
    layer.out = out_id();
    layer.fused = *a;
    return build_.accumulate_dynamically(std::move(layer), out().name);
  }
  /// A new value for results between this operator's nodes.
  tensor_id temporary(const char* suffix, dtype type, std::vector<double> scales = {},
                      std::vector<std::int32_t> zero_points = {}, std::int32_t axis = -1) {
    return build_.temporary(out().name + suffix, type, std::move(scales), std::move(zero_points),
                            axis);
  }

 private:
  /// What XNNPACK leaves because of its tensors is rounded by kernels that octet has not.
  status check_taken(const op_def& op, const std::vector<tensor_id>& in,
                     const std::vector<tensor_id>& out, const attributes& attrs) const {
    if (!laws::has_xnnpack(g().arithmetic) || in.empty() || in[0] == no_tensor ||
        !is_8bit(g()[in[0]].type) || xnnpack_takes_tensors())
      return unit{};
    const laws::decision d = build_.decide(op, in, out, attrs, framework);
    if (!d.known || d.by != laws::library::xnnpack || d.round == rounding::none) return unit{};
    return unsupported("axes of a tensor whose operator XNNPACK would compute", {},
                       "at most six, the first as quantized_dimension; tflite_ref");
  }
  /// Bounds that an activation's own replace.
  void keep_finite(const op_def& op, attributes& attrs) const {
    if (!laws::clamps_to_finite(g().arithmetic)) return;
    constexpr auto most = static_cast<double>(std::numeric_limits<float>::max());
    for (const auto& [key, bound] : {std::pair{"float_lo", -most}, std::pair{"float_hi", most}})
      if (op.attributes.contain(key, attribute_value::kind::real)) attrs.set(key, bound);
  }
  /// TANH and SIGN_BIT exist in the schema but no kernel takes them.
  static result<activation> activation_of(tflite_activation fused) {
    switch (fused) {
      case tflite_activation::none: return activation::none;
      case tflite_activation::relu: return activation::relu;
      case tflite_activation::relu6: return activation::relu6;
      case tflite_activation::relu_n1_to_1: return activation::relu_n1_to_1;
      case tflite_activation::tanh:
      case tflite_activation::sign_bit: break;
    }
    return unsupported("fused activation", std::to_string(static_cast<int>(fused)),
                       "NONE, RELU, RELU6, RELU_N1_TO_1");
  }

  tflite_schema::options_reader options_;
  graph_builder& build_;
  std::vector<tensor_id> in_, out_;
};

/// What a law may ask of an operator beside its tensors.
inline laws::facts facts_of_file(const tflite_node& n) {
  laws::facts f;
  f.arithmetic = n.g().arithmetic;
  f.framework = n.framework;
  return f;
}

/// One row of the loader: the operator's name in the schema and what it becomes.
struct tflite_row {
  using function = status (*)(tflite_node&);
  consteval tflite_row(std::string_view operator_name, function f)
      : name(operator_name), code(tflite_schema::builtin_code(operator_name)), convert(f) {}

  std::string_view name;
  std::int32_t code;
  function convert;
};

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_CONTEXT_HPP_
