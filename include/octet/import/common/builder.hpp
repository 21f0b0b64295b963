// The graph that a loader builds: nodes with their shapes, folded where everything is known, values
// between nodes, layers that accumulate and requantize.
#ifndef OCTET_IMPORT_COMMON_BUILDER_HPP_
#define OCTET_IMPORT_COMMON_BUILDER_HPP_

#include <algorithm>
#include <memory>

#include "octet/graph/cost.hpp"
#include "octet/graph/fold.hpp"
#include "octet/graph/graph.hpp"
#include "octet/graph/verify.hpp"
#include "octet/import/common/error.hpp"
#include "octet/import/common/source.hpp"
#include "octet/laws/activation.hpp"
#include "octet/laws/dynamic.hpp"
#include "octet/laws/layers.hpp"
#include "octet/ops/by_law.hpp"
#include "octet/ops/dynamic.hpp"
#include "octet/ops/requantize.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

/// What a node is besides its operator; the graph's law makes roundings and bounds of it.
struct node_options {
  activation fused = activation::none;
  laws::framework_facts framework{};
  /// Which kernel of the framework runs, where that depends on more than the law's function of the
  /// operator is told.
  std::optional<laws::decision> decided{};
};

/// A quantized layer with weights: `op` sums products into an integer accumulator, which a
/// requantization brings to the output.
struct accumulation {
  const op_def* op = nullptr;
  std::vector<tensor_id> in{};  // input, weights, integer bias where there is one
  attributes attrs{};
  tensor_id real_bias = no_tensor;  // float32, added to the accumulator when it is requantized
  tensor_id out = no_tensor;
  node_options options{};
};

/// A layer on float values with integer weights: its input is quantized when it runs, row by row,
/// and its accumulator becomes float again.
struct dynamic_accumulation {
  const op_def* op = nullptr;
  tensor_id in = no_tensor, weights = no_tensor, bias = no_tensor;  // the bias is float32
  attributes attrs{};
  std::vector<double> scales{};      // of the weights, where their tensor has none
  laws::dynamic_facts layer{};       // law and scales of the weights are filled in
  std::optional<law> computed_by{};  // whose arithmetic it is, where not the graph's
  bool reduce_range = false;         // PyTorch: 7 bits
  tensor_id out = no_tensor;
  activation fused = activation::none;
};

/// Owns the graph while a loader fills it. Functions that can fail return what the operator's own
/// rules say; the loader attaches the place. Whatever it adds stays within the caller's limits.
class graph_builder {
 public:
  /// `file_bytes`: of all files of the model; the work that loading may take grows with them.
  graph_builder(std::string file, law arithmetic, const limits& l, std::size_t file_bytes = 0)
      : max(l), work(l, file_bytes) {
    g.name = std::move(file);
    g.arithmetic = arithmetic;
  }

  graph g;
  const limits max;
  /// Loaders spend it on what a file can make them do without bytes of its own for it: loops,
  /// copies, lists that many operators share.
  work_budget work;
  /// Of the file's first graph; null: it is loaded once.
  first_constants* kept = nullptr;

  /// Before a constant is added: its bytes count, whether they are copied or shared.
  status hold_constant(std::size_t bytes) {
    if (auto s = within_limit(&limits::tensor_bytes, max, "bytes of a constant", bytes); !s)
      return s;
    constants_ = saturating_add(constants_, bytes);
    return within_limit(&limits::constant_bytes, max, "bytes of all constants", constants_);
  }
  /// The same for a constant that is computed or copied, element by element.
  status make_constant(std::size_t bytes) {
    if (auto s = hold_constant(bytes); !s) return s;
    return work.spend(bytes);
  }

  /// The next nodes come from this operator of the file and take its name: "CONV_2D #12".
  void enter(std::string operator_name) { operator_ = std::move(operator_name); }
  const std::string& operator_name() const noexcept { return operator_; }

  /// What the graph's law says of a node on these tensors.
  laws::decision decide(const op_def& op, const std::vector<tensor_id>& in,
                        const std::vector<tensor_id>& out, const attributes& attrs,
                        const laws::framework_facts& framework) const {
    if (!op.decide) return rounding::none;
    return decide(node{.op = &op, .name = {}, .attrs = attrs, .in = in, .out = out}, framework);
  }
  /// Adds a node and works out its outputs' shapes. The law gives its rounding and the bounds of a
  /// fused activation. Where all inputs are constants, so are the outputs, and no node is left.
  status emit(const op_def& op, std::vector<tensor_id> in, std::vector<tensor_id> out,
              attributes attrs = {}, const node_options& options = {}) {
    node n{.op = &op,
           .name = {},
           .attrs = std::move(attrs),
           .in = std::move(in),
           .out = std::move(out)};
    const laws::decision d = options.decided.value_or(decide(n, options.framework));
    if (!d.known)
      return unsupported(std::string(op.name) + " under law", std::string(name_of(g.arithmetic)));
    set_decided(d, into{n.attrs});
    if (options.fused != activation::none) add_bounds(n.attrs, options.fused, n.out[0], d.by);
    n.round = d.round;
    if (auto s = append(std::move(n)); !s) return s;
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
  /// Before nodes are made of an input: rows make constants of its extents.
  status verify_input(const tensor& t) const {
    return verify_size(t.shape, t.type, max, "input \"" + t.name + '"');
  }
  /// Adds an input of the network.
  result<tensor_id> input(tensor t) {
    if (auto s = verify_input(t); !s) return s.error();
    g.inputs.push_back(g.add(std::move(t)));
    return g.inputs.back();
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

  /// Scales of the accumulator of x and w that `d` was decided for: one, or one per channel.
  std::vector<double> accumulator_scales(const laws::decision& d, tensor_id x, tensor_id w) const {
    std::vector<double> s;
    for (double v : g[w].scales) s.push_back(laws::accumulator_scale(d, g[x].desc().scale(), v));
    return s;
  }

  /// A layer's exact sums. Scales of an accumulator go along its channels, which are its last axis.
  result<tensor_id> accumulate(const op_def& op, std::vector<tensor_id> in, attributes attrs,
                               dtype type, std::vector<double> scales, std::string name) {
    const tensor_id acc = temporary(std::move(name), type, std::move(scales));
    if (auto s = append(
            {.op = &op, .name = {}, .attrs = std::move(attrs), .in = std::move(in), .out = {acc}});
        !s)
      return s.error();
    if (g[acc].scales.size() > 1) g[acc].axis = g[acc].shape.rank - 1;
    if (auto s = fold_last(); !s) return s.error();
    return acc;
  }

  /// A layer's sums, and how they are to be rounded.
  struct layer_sums {
    tensor_id acc = no_tensor;
    laws::decision by = rounding::none;
  };
  /// `name` is that of the operator's output; values between nodes are called after it.
  result<layer_sums> accumulate(accumulation& a, const std::string& name) {
    const laws::decision d =
        a.options.decided.value_or(decide(*a.op, a.in, {a.out}, a.attrs, a.options.framework));
    if (!d.known)
      return unsupported(std::string(a.op->name) + " under law",
                         std::string(name_of(g.arithmetic)));
    set_decided(d, into{a.attrs});
    const bool int32_bias =
        a.in.size() > 2 && a.in[2] != no_tensor && g[a.in[2]].type == dtype::s32;
    auto scales = accumulator_scales(d, a.in[0], a.in[1]);
    const dtype type = laws::accumulator_type(g[a.in[0]].type, int32_bias);
    const auto acc = accumulate(*a.op, std::move(a.in), std::move(a.attrs), type, std::move(scales),
                                after(name, "/accumulator"));
    if (!acc) return acc.error();
    return layer_sums{*acc, d};
  }
  /// Sums under the accumulator's scales, as the layer's output.
  status requantize(const accumulation& a, const layer_sums& sums) {
    std::vector<tensor_id> in{sums.acc};
    if (a.real_bias != no_tensor) in.push_back(a.real_bias);
    attributes clamp;
    add_bounds(clamp, a.options.fused, a.out, sums.by.by);
    return add(ops::requantize, std::move(in), {a.out}, std::move(clamp), sums.by.round);
  }
  status accumulate_and_requantize(accumulation a, const std::string& name) {
    const auto sums = accumulate(a, name);
    return sums ? requantize(a, *sums) : status(sums.error());
  }
  status accumulate_dynamically(dynamic_accumulation a, const std::string& name) {
    std::vector<double> scales = a.scales.empty() ? g[a.weights].scales : std::move(a.scales);
    a.layer.arithmetic = a.computed_by.value_or(g.arithmetic);
    a.layer.per_channel = scales.size() > 1;
    for (std::int32_t z : g[a.weights].zero_points)
      if (z != 0) a.layer.largest_weight = 255;
    const laws::dynamic_decision d = laws::dynamic(a.layer);
    if (!d.quantize.known || !d.dequantize.known)
      return unsupported("dynamic " + std::string(a.op->name) + " under law",
                         std::string(name_of(g.arithmetic)));
    const tensor_id quantized =
                        temporary(after(name, "/quantized"), d.asymmetric ? dtype::s16 : dtype::s8),
                    rows = temporary(after(name, "/row_scales"), dtype::f32);
    attributes quantize, dequantize;
    if (d.rows != 1 || !laws::is_pytorch(g.arithmetic)) quantize.set("rows", d.rows);
    if (d.asymmetric) quantize.set("asymmetric", std::int64_t{1});
    if (d.asymmetric && a.op->attributes.contain("input_limit", attribute_value::kind::integer))
      a.attrs.set("input_limit", std::int64_t{255});
    if (a.reduce_range) quantize.set("reduce_range", std::int64_t{1});
    if (auto s = add(ops::dynamic_quantize, {a.in}, {quantized, rows}, std::move(quantize),
                     d.quantize.round);
        !s)
      return s;
    auto acc = accumulate(*a.op, {quantized, a.weights}, std::move(a.attrs), d.accumulator,
                          std::move(scales), after(name, "/accumulator"));
    if (!acc) return acc.error();
    std::vector<tensor_id> in{*acc, rows};
    if (a.bias != no_tensor) in.push_back(a.bias);
    if (d.scales_first) dequantize.set("scales_first", std::int64_t{1});
    if (d.tail_row_first) dequantize.set("tail_row_first", std::int64_t{1});
    add_bounds(dequantize, a.fused, a.out, d.dequantize.by);
    return add(ops::dynamic_dequantize, std::move(in), {a.out}, std::move(dequantize),
               d.dequantize.round);
  }

  /// A tensor gets its contents: once, unless it is a state. What was read of it before would else
  /// be of another shape.
  status write(tensor_id t) {
    written_.resize(g.tensors.size(), 0);
    for (; inputs_written_ < g.inputs.size(); ++inputs_written_)
      written_[as_size(g.inputs[inputs_written_])] = 1;
    char& written = written_[as_size(t)];
    if (g[t].role == tensor::kind::constant || (written && g[t].role != tensor::kind::state))
      return invalid("output is a constant, an input of the graph, or written before");
    written = 1;
    return unit{};
  }

  /// The finished graph, if it keeps every rule. The builder is empty afterwards.
  result<graph> finish() {
    if (auto s = verify(g, max); !s) return s.error();
    return std::move(g);
  }

 private:
  status add(const op_def& op, std::vector<tensor_id> in, std::vector<tensor_id> out,
             attributes attrs, rounding round) {
    if (auto s = append({.op = &op,
                         .name = {},
                         .attrs = std::move(attrs),
                         .round = round,
                         .in = std::move(in),
                         .out = std::move(out)});
        !s)
      return s;
    return fold_last();
  }
  laws::decision decide(const node& n, const laws::framework_facts& framework) const {
    if (!n.op->decide) return rounding::none;
    return octet::decide(*n.op, g.arithmetic, node_inputs(g, n).view(), framework);
  }
  /// Adds the node, under the operator's name, with the shapes of its outputs.
  status append(node made) {
    if (auto s = within_limit(&limits::nodes, max, "nodes of the graph", g.nodes.size() + 1); !s)
      return s;
    if (auto s = within_limit(&limits::tensors, max, "tensors of the graph", g.tensors.size()); !s)
      return s;
    if (auto s = work.spend(1 + made.in.size() + made.out.size()); !s) return s;
    made.name = operator_;
    const node& n = g.nodes.emplace_back(std::move(made));
    if (auto s = check_operands(g, n); !s) return s;
    if (auto s = verify_attributes(g, n); !s) return s;
    if (auto s = infer_shapes(g, n); !s) return s;
    for (tensor_id t : n.out) {
      status s = verify_size(g[t].shape, g[t].type, max);
      if (s) s = write(t);
      if (!s) return error_place{.tensor = g[t].name}.attach(s.error());
    }
    return unit{};
  }
  /// set(key, value) of set_decided and set_bounds.
  struct into {
    attributes& to;
    template <class V> void operator()(const char* key, V value) const { to.set(key, value); }
  };
  void add_bounds(attributes& to, activation a, tensor_id y, laws::library by) const {
    set_bounds(by, a, operand_of(g[y].desc()), into{to});
  }
  static std::string after(const std::string& name, const char* suffix) {
    return name.empty() ? name : name + suffix;
  }
  status fold_last() {
    const node& n = g.nodes.back();
    if (!can_fold(g, n)) return unit{};
    for (tensor_id t : n.out)
      if (auto s = make_constant(bytes_of(g[t].shape.elements(), g[t].type).value); !s) return s;
    if (auto s = work.spend(steps_of(g, n)); !s) return s;  // the same whether it is known or not
    std::string key = kept != nullptr ? first_constants::key_of(g, n) : std::string();
    if (const auto* known = key.empty() ? nullptr : kept->folded(key)) {
      for (std::size_t i = 0; i < n.out.size(); ++i) {
        g[n.out[i]].role = tensor::kind::constant;
        g[n.out[i]].data = (*known)[i];
      }
    } else {
      if (auto s = fold_constant(g, n, max); !s) return s;
      if (!key.empty() && kept->recording()) kept->keep(g, n, std::move(key));
    }
    g.nodes.pop_back();
    return unit{};
  }

  std::string operator_;
  std::size_t constants_ = 0;       // bytes
  std::vector<char> written_;       // per tensor: graph inputs, and what a node gives
  std::size_t inputs_written_ = 0;  // of g.inputs
};

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_COMMON_BUILDER_HPP_
