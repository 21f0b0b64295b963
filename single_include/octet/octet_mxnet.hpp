// octet 0.1.0: octet/import/mxnet.hpp for the single header, which it includes. Made by single_include/amalgamate.py; do not edit.
// Needs octet.hpp beside it and nlohmann-json (headers only).
// SPDX-License-Identifier: Apache-2.0
#if !defined(OCTET_SINGLE_FILE)
#define OCTET_SINGLE_FILE "octet.hpp"
#endif
#include OCTET_SINGLE_FILE
#if defined(OCTET_SINGLE_HPP_)
// Loader for MXNet's quantized networks (NAME-symbol.json and NAME-0000.params). Needs
// nlohmann-json where its definitions are compiled: octet::compiled has them, if it was there.
#ifndef OCTET_IMPORT_MXNET_HPP_
#define OCTET_IMPORT_MXNET_HPP_

#include <string>
#include <vector>

// ---- octet/import/mxnet/options.hpp
// Options of the MXNet loader.
#ifndef OCTET_IMPORT_MXNET_OPTIONS_HPP_
#define OCTET_IMPORT_MXNET_OPTIONS_HPP_

#include <string>
#include <utility>
#include <vector>


OCTET_NAMESPACE_BEGIN
namespace import {

struct mxnet_options {
  /// The file of parameters; empty: NAME-0000.params beside NAME-symbol.json.
  std::string params{};
  /// Shapes of inputs in MXNet's order of axes (NCHW), by name; an empty name stands for the next
  /// input. Symbol files rarely record shapes.
  std::vector<std::pair<std::string, dims>> shapes{};
  /// The MXNet whose arithmetic to follow, major * 10000 + minor * 100 + patch: 10600 brought other
  /// levels. 0: the one that wrote the file, as its mxnet_version says.
  std::int32_t version = 0;
  limits max{};
};

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_OPTIONS_HPP_

OCTET_NAMESPACE_BEGIN
namespace import {

/// Reads a network into a graph. `path`: the symbol file; options.params or its name say where the
/// parameters are. Errors name file, node, what was found and what is supported.
result<graph> try_mxnet(const std::string& path, const mxnet_options& options = {});
/// The same from bytes in memory (copied); `name` stands for both files in messages.
result<graph> try_mxnet(std::span<const std::byte> symbol, std::span<const std::byte> params,
                        const std::string& name, const mxnet_options& options = {});
/// What the loader takes, sorted: operators as symbol files name them.
std::vector<std::string> mxnet_operators();
#if defined(__cpp_exceptions)
inline graph mxnet(const std::string& path, const mxnet_options& options = {}) {
  return value_or_throw(try_mxnet(path, options));
}
#endif

}  // namespace import
OCTET_NAMESPACE_END

#if OCTET_HAS_IMPORT_DEFINITIONS
// ---- octet/import/mxnet/loader.hpp
// The MXNet loader: from a symbol and its parameters to a graph. NCHW networks become NHWC graphs.
#ifndef OCTET_IMPORT_MXNET_LOADER_HPP_
#define OCTET_IMPORT_MXNET_LOADER_HPP_

#include <algorithm>

// ---- octet/import/mxnet/rows.hpp
// All operators of MXNet's files that octet runs: one row each.
#ifndef OCTET_IMPORT_MXNET_ROWS_HPP_
#define OCTET_IMPORT_MXNET_ROWS_HPP_

// ---- octet/import/mxnet/rows_elementwise.hpp
// Rows of two operands that meet element by element, of an operand and a number, and of values that
// are looked up.
#ifndef OCTET_IMPORT_MXNET_ROWS_ELEMENTWISE_HPP_
#define OCTET_IMPORT_MXNET_ROWS_ELEMENTWISE_HPP_

// ---- octet/import/mxnet/rows_values.hpp
// Rows without weights: quantize, dequantize, requantize, sums, concatenation, pooling,
// activations, and the operators that only move values.
#ifndef OCTET_IMPORT_MXNET_ROWS_VALUES_HPP_
#define OCTET_IMPORT_MXNET_ROWS_VALUES_HPP_

// ---- octet/import/mxnet/rows_layers.hpp
// Rows with weights: convolutions and fully connected layers, fused and plain, quantized and float.
#ifndef OCTET_IMPORT_MXNET_ROWS_LAYERS_HPP_
#define OCTET_IMPORT_MXNET_ROWS_LAYERS_HPP_

// ---- octet/import/mxnet/emit.hpp
// What the rows of the MXNet loader work with: values of the file's graph, attributes of a node,
// ranges and the scales they stand for.
#ifndef OCTET_IMPORT_MXNET_EMIT_HPP_
#define OCTET_IMPORT_MXNET_EMIT_HPP_

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

// ---- octet/import/common/row_emitter.hpp
// What the rows of loaders work with that keep their first failure until the node is done: errors,
// layouts, nodes. A format's emitter adds its attributes, values and quantization.
#ifndef OCTET_IMPORT_COMMON_ROW_EMITTER_HPP_
#define OCTET_IMPORT_COMMON_ROW_EMITTER_HPP_

// ---- octet/import/common/builder.hpp
// The graph that a loader builds: nodes with their shapes, folded where everything is known, values
// between nodes, layers that accumulate and requantize.
#ifndef OCTET_IMPORT_COMMON_BUILDER_HPP_
#define OCTET_IMPORT_COMMON_BUILDER_HPP_

#include <algorithm>
#include <memory>

// ---- octet/graph/cost.hpp
// What a node costs: multiply-accumulates, bytes moved, and a bound on the steps that its reference
// takes.
#ifndef OCTET_GRAPH_COST_HPP_
#define OCTET_GRAPH_COST_HPP_


OCTET_NAMESPACE_BEGIN

/// Multiply-accumulates of a node whose shapes are known; 0 where it has none to speak of.
inline double macs_of(const graph& g, const node& n) {
  return n.op->macs ? n.op->macs(node_inputs(g, n).view()) : 0;
}

/// Bytes that a node reads and writes once: inputs, constants, outputs.
inline double bytes_moved(const graph& g, const node& n) {
  double sum = 0;
  for (const auto* list : {&n.in, &n.out})
    for (tensor_id t : *list)
      if (t != no_tensor)
        sum += static_cast<double>(bytes_of(g[t].shape.elements(), g[t].type).value);
  return sum;
}

/// Elementary steps of a node's reference, at least in their order of magnitude: a nanosecond or
/// two each. Shapes must be known. For limits::work; folding constants runs references.
inline std::size_t steps_of(const graph& g, const node& n) {
  constexpr double float_steps = 8;  // exact float operations, elementary functions
  double elements = 0;
  bool floats = false;
  for (const auto* list : {&n.in, &n.out})
    for (tensor_id t : *list) {
      if (t == no_tensor) continue;
      elements += static_cast<double>(g[t].shape.elements().value);
      floats |= is_float(g[t].type);
    }
  if (n.op->steps) elements += n.op->steps(node_inputs(g, n).view());
  const double steps = (elements + macs_of(g, n)) * (floats ? float_steps : 1) + 1;
  return steps < 9e18 ? static_cast<std::size_t>(steps) : static_cast<std::size_t>(-1);
}

OCTET_NAMESPACE_END

#endif  // OCTET_GRAPH_COST_HPP_
// ---- octet/import/common/error.hpp
// What loaders say of files they refuse: kinds of errors, the place they belong to, and the list of
// operators that octet has no form of.
#ifndef OCTET_IMPORT_COMMON_ERROR_HPP_
#define OCTET_IMPORT_COMMON_ERROR_HPP_

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>


OCTET_NAMESPACE_BEGIN
namespace import {

/// The bytes are not a valid file of their format. See also unsupported() and invalid().
inline error_info malformed(std::string what, std::string found = {}, std::string supported = {}) {
  return {errc::malformed, std::move(what), {}, {}, {}, std::move(found), std::move(supported)};
}
/// Over a limit of octet or of the caller's options.
inline error_info too_large(std::string what, std::string found = {}, std::string supported = {}) {
  return {errc::too_large, std::move(what), {}, {}, {}, std::move(found), std::move(supported)};
}

/// Where in a file a loader is. Readers and rows return errors that say what is wrong; where it is
/// wrong is attached here, once, on the way out.
struct error_place {
  std::string file{}, node{}, tensor{};

  /// `e` with the parts of the place that it does not name itself.
  error_info attach(error_info e) const {
    if (e.file.empty()) e.file = file;
    if (e.node.empty()) e.node = node;
    if (e.tensor.empty()) e.tensor = tensor;
    return e;
  }
};

/// Operators of a file that octet has no form of: collected, so that one error names them all.
class missing_operators {
 public:
  /// `where`: the first place that uses it; later ones are not kept.
  void add(const std::string& name, std::string where) {
    if (list_.size() < most && known_.insert(name).second)
      list_.emplace_back(name, std::move(where));
  }
  bool empty() const noexcept { return list_.empty(); }
  /// Success where none is missing.
  status check() const {
    if (empty()) return unit{};
    std::string text;
    for (const auto& [name, where] : list_)
      text += (text.empty() ? "" : ", ") + name + " (" + where + ")";
    return unsupported(list_.size() == 1 ? "operator" : "operators", text, "see docs/operators.md");
  }

 private:
  static constexpr std::size_t most = 1000;  // more than there are operators in any format
  std::unordered_set<std::string> known_;
  std::vector<std::pair<std::string, std::string>> list_;
};

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_COMMON_ERROR_HPP_
// ---- octet/import/common/source.hpp
// Files that stay open for other shapes of a network's inputs: what was read and computed of
// constants the first time serves every other.
#ifndef OCTET_IMPORT_COMMON_SOURCE_HPP_
#define OCTET_IMPORT_COMMON_SOURCE_HPP_

#include <mutex>
#include <unordered_map>
#include <unordered_set>

// ---- octet/graph/node_key.hpp
// What a node makes of its constants, as bytes to look it up by: folded constants and packed
// weights are found again when the same network is made for other shapes of its inputs.
#ifndef OCTET_GRAPH_NODE_KEY_HPP_
#define OCTET_GRAPH_NODE_KEY_HPP_

#include <string>


OCTET_NAMESPACE_BEGIN
namespace detail {

/// Constants of as many bytes are the same where their addresses are: whoever keeps a key keeps
/// them alive. Smaller ones are compared by contents, which costs less than keeping them.
inline constexpr std::size_t known_by_address = 4096;

/// Which extents of values and results are in a key: none, nor the padding that follows from them
/// (for what is made of constants alone), or all.
enum class key_extents : std::uint8_t { none, all };

class node_key {
 public:
  node_key(const graph& g, const node& n, key_extents extents) {
    put(n.op), put(n.round);
    for (const auto& [name, value] : n.attrs.entries()) {
      if (extents == key_extents::none && n.op->pads_input && is_padding(name)) continue;
      text(name);
      put(value.type());
      value.visit([this](const auto& v) { list(v); });
    }
    put(n.in.size());
    for (std::size_t i = 0; i < n.in.size(); ++i)
      operand(n.in[i] == no_tensor ? nullptr : &g[n.in[i]], extents);
    for (const tensor_id t : n.out) operand(&g[t], extents);
  }
  /// An input or output of a network.
  node_key(tensor_id id, const tensor& t) {
    put(id), text(t.name);
    operand(&t, key_extents::all);
  }
  /// What else decides.
  template <class T> void put(const T& v) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&v), sizeof(T));
  }
  std::string take() { return std::move(bytes_); }

 private:
  static bool is_padding(std::string_view name) {
    return name == "pad_top" || name == "pad_bottom" || name == "pad_left" || name == "pad_right";
  }
  void text(std::string_view s) { put(s.size()), bytes_.append(s); }
  void list(std::int64_t v) { put(v); }
  void list(double v) { put(v); }
  void list(const std::string& v) { text(v); }
  template <class T> void list(const std::vector<T>& v) {
    put(v.size());
    bytes_.append(reinterpret_cast<const char*>(v.data()), v.size() * sizeof(T));
  }
  void operand(const tensor* t, key_extents extents) {
    put(t != nullptr);
    if (t == nullptr) return;
    const bool constant = t->role == tensor::kind::constant;
    put(t->type), put(t->axis), put(constant), put(t->shape.rank);
    list(t->scales), list(t->zero_points);
    if (constant || extents == key_extents::all) put(t->shape.extent);
    if (!constant) return;
    const auto& data = t->data.bytes;
    put(data.size());
    if (data.size() >= known_by_address)
      put(data.data());
    else
      bytes_.append(reinterpret_cast<const char*>(data.data()), data.size());
  }
  std::string bytes_;
};

/// What decides a network's results and how they are named, in one number: it tells a graph that
/// was changed from one that was not. Constants are in it as in a node_key.
inline std::size_t digest_of(const graph& g) {
  auto sum = static_cast<std::size_t>(g.arithmetic);
  const auto add = [&](node_key&& key) { sum = sum * 31 + std::hash<std::string>()(key.take()); };
  for (const node& n : g.nodes) {
    node_key key(g, n, key_extents::all);
    for (const auto* list : {&n.in, &n.out})
      for (const tensor_id t : *list) {
        key.put(t);
        // a state's first contents
        if (t != no_tensor && g[t].role == tensor::kind::state) key.put(g[t].data.bytes.data());
      }
    add(std::move(key));
  }
  for (const auto* list : {&g.inputs, &g.outputs})
    for (const tensor_id t : *list) add(node_key(t, g[t]));
  return sum;
}

}  // namespace detail
OCTET_NAMESPACE_END

#endif  // OCTET_GRAPH_NODE_KEY_HPP_

OCTET_NAMESPACE_BEGIN
namespace import {

/// Constants of the graph that a file gave first. Later ones find them again: results of folded
/// nodes by what they were computed from, all others by their contents. Nothing is added later, so
/// that its size does not depend on how many shapes are asked for.
class first_constants {
 public:
  /// While the file is loaded for the first time.
  bool recording() const noexcept { return !complete_; }

  /// What a node that can be folded is found by. Empty where looking it up would cost more than
  /// folding it.
  static std::string key_of(const graph& g, const node& n) {
    for (const tensor_id t : n.in)
      if (t != no_tensor && is_large(g[t]))
        return octet::detail::node_key(g, n, octet::detail::key_extents::all).take();
    return {};
  }
  /// The results of the node with this key, if it was folded the first time; null: it was not.
  const std::vector<constant_data>* folded(const std::string& key) const {
    const auto it = folded_.find(key);
    return it == folded_.end() ? nullptr : &it->second.results;
  }
  /// A node with this key has been folded.
  void keep(const graph& g, const node& n, std::string key) {
    fold f;
    for (const tensor_id t : n.in)
      if (t != no_tensor) f.from.push_back(g[t].data);
    for (const tensor_id t : n.out) f.results.push_back(g[t].data);
    folded_.emplace(std::move(key), std::move(f));
  }
  /// The first graph is complete: what it holds is what later ones look for.
  void remember(const graph& g) {
    for (const tensor& t : g.tensors)
      if (is_large(t) && by_address_.insert(t.data.bytes.data()).second)
        by_size_[t.data.bytes.size()].all.push_back(t.data);
    complete_ = true;
  }
  /// Constants of a later graph that equal one of the first become that one. Few have a size that
  /// one of the first has: the others are not read.
  void share(graph& g) {
    for (tensor& t : g.tensors) {
      if (!is_large(t) || by_address_.contains(t.data.bytes.data())) continue;
      const auto found = by_size_.find(t.data.bytes.size());
      if (found == by_size_.end()) continue;
      of_size& same = found->second;
      if (same.by_contents.empty())
        for (const constant_data& d : same.all) same.by_contents.emplace(hash_of(d), &d);
      const auto [begin, end] = same.by_contents.equal_range(hash_of(t.data));
      for (auto it = begin; it != end; ++it)
        if (std::memcmp(it->second->bytes.data(), t.data.bytes.data(), t.data.bytes.size()) == 0) {
          t.data = *it->second;
          break;
        }
    }
  }

 private:
  struct fold {
    std::vector<constant_data> from, results;  // `from` keeps the key's addresses taken
  };
  static bool is_large(const tensor& t) {
    return t.role == tensor::kind::constant &&
           t.data.bytes.size() >= octet::detail::known_by_address;
  }
  static std::size_t hash_of(const constant_data& d) {
    return std::hash<std::string_view>()(
        {reinterpret_cast<const char*>(d.bytes.data()), d.bytes.size()});
  }

  std::unordered_map<std::string, fold> folded_;
  struct of_size {
    std::deque<constant_data> all;
    std::unordered_multimap<std::size_t, const constant_data*> by_contents;  // once it is asked for
  };
  std::unordered_map<std::size_t, of_size> by_size_;
  std::unordered_set<const std::byte*> by_address_;
  bool complete_ = false;
};

/// `File`: what was read of a file, with the options it was asked for. `graph_for(shapes, kept)`
/// gives the network; the shapes stand in place of those of the options (`options`, whose `max` are
/// the limits). Where the file says which extents of inputs are the same, `follow(given, all)`
/// changes those of `all` that the given shapes decide.
template <class File> class file_source final : public graph_source {
 public:
  explicit file_source(File file) : file_(std::move(file)) {}

  result<graph> for_shapes(const named_shapes& shapes) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return with_memory_errors([&]() -> result<graph> {
      auto g = file_.graph_for(shapes, kept_);
      if (g) kept_.share(*g);
      return g;
    });
  }
  const limits& within() const override { return file_.options.max; }
  result<named_shapes> completed(const named_shapes& given, named_shapes all) const override {
    if constexpr (requires { file_.follow(given, all); })
      if (auto s = file_.follow(given, all); !s) return s.error();
    for (const auto& [name, shape] : given)
      for (auto& [input, to] : all)
        if (input == name) to = shape;
    return all;
  }
  bool made(const graph& g) const override { return octet::detail::digest_of(g) == digest_; }
  /// The first graph, with the shapes of the options.
  result<graph> load(const named_shapes& shapes) {
    auto g = file_.graph_for(shapes, kept_);
    if (!g) return g;
    kept_.remember(*g);
    digest_ = octet::detail::digest_of(*g);
    return g;
  }

 private:
  File file_;
  std::mutex mutex_;
  first_constants kept_;
  std::size_t digest_ = 0;  // of the first graph
};

/// The graph of a file, which can be had for other shapes.
template <class File> result<graph> load_from(File file, const named_shapes& shapes) {
  auto source = std::make_shared<file_source<File>>(std::move(file));
  auto g = source->load(shapes);
  if (g) g->origin = std::move(source);
  return g;
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_COMMON_SOURCE_HPP_

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
// ---- octet/import/common/layout.hpp
// Changes of layout: frameworks that keep channels in axis 1 (NCHW, NCL) meet octet's operators,
// which want them last (NHWC, NLC).
#ifndef OCTET_IMPORT_COMMON_LAYOUT_HPP_
#define OCTET_IMPORT_COMMON_LAYOUT_HPP_

#include <map>


OCTET_NAMESPACE_BEGIN
namespace import {

/// Where axis i of a framework with channels in axis 1 is in the IR. Values of fewer than three
/// axes have one layout.
constexpr int axis_in_layout(int i, int rank, bool channels_inner) {
  return !channels_inner || rank < 3 || i == 0 ? i : i == 1 ? rank - 1 : i - 1;
}

/// Keeps each value in the layouts that were asked for, so that no change is emitted twice.
class layout_changes {
 public:
  /// The value of `from` with its channel axis moved to the end (`channels_inner`) or back to axis
  /// 1. `from` has the other layout and at least three axes.
  result<tensor_id> change(graph_builder& to, tensor_id from, bool channels_inner) {
    const auto key = std::pair(from, channels_inner);
    if (const auto it = done_.find(key); it != done_.end()) return it->second;
    const std::string name = to.g[from].name;
    const tensor_id changed = to.like(
        from,
        name.empty() ? name : name + (channels_inner ? "/channels_inner" : "/channels_outer"));
    const dims shape = to.g[from].shape;
    std::vector<std::int64_t> order{0};  // axis of `from` for each of the result's
    if (channels_inner) {
      for (int i = 2; i < shape.rank; ++i) order.push_back(i);
      order.push_back(1);
    } else {
      order.push_back(shape.rank - 1);
      for (int i = 1; i + 1 < shape.rank; ++i) order.push_back(i);
    }
    if (auto s = emit(to, from, changed, order, channels_inner ? 1 : shape.rank - 1); !s)
      return s.error();
    for (int i = 0; i < shape.rank; ++i)
      if (order[as_size(i)] == to.g[from].axis) to.g[changed].axis = i;
    done_[key] = changed;
    done_[std::pair(changed, !channels_inner)] = from;
    return changed;
  }

 private:
  /// One channel or one pixel: the elements keep their order, and a reshape is free.
  static status emit(graph_builder& to, tensor_id from, tensor_id changed,
                     const std::vector<std::int64_t>& order, int channel_axis) {
    const dims shape = to.g[from].shape;
    std::int64_t pixels = 1;
    for (int i = 1; i < shape.rank; ++i)
      if (i != channel_axis) pixels *= shape[i];
    attributes a;
    if (shape[channel_axis] != 1 && pixels != 1) {
      a.set("perm", order);
      return to.emit(ops::transpose, {from}, {changed}, std::move(a));
    }
    std::vector<std::int64_t> extents;
    for (std::int64_t axis : order) extents.push_back(shape[static_cast<int>(axis)]);
    a.set("shape", std::move(extents));
    return to.emit(ops::reshape, {from}, {changed}, std::move(a));
  }

  std::map<std::pair<tensor_id, bool>, tensor_id> done_;
};

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_COMMON_LAYOUT_HPP_

OCTET_NAMESPACE_BEGIN
namespace import {

/// Rows call these; the first failure is kept, and everything after it does nothing: functions that
/// give a tensor give no_tensor then.
class row_emitter {
 public:
  explicit row_emitter(graph_builder& b) : to(b) {}
  graph_builder& to;  // NOLINT: rows work on it

  // ---- errors ----
  bool failed() const noexcept { return failed_; }
  const error_info& error() const noexcept { return error_; }
  void fail(error_info e) {
    if (!failed_) error_ = std::move(e);
    failed_ = true;
  }
  bool check(const status& s) {
    if (!s) fail(s.error());
    return !failed_;
  }
  void refuse(std::string what, std::string found = {}, std::string supported = {}) {
    fail(unsupported(std::move(what), std::move(found), std::move(supported)));
  }
  void broken(std::string what, std::string found = {}, std::string supported = {}) {
    fail(invalid(std::move(what), std::move(found), std::move(supported)));
  }

  // ---- layouts ----
  /// Extents of a tensor in the framework's order of axes: channels in axis 1.
  dims outer_shape(tensor_id t, bool channels_inner) const {
    dims d = to.g[t].shape;
    if (channels_inner)
      for (int i = d.rank - 1; i > 1; --i) std::swap(d[i], d[i - 1]);
    return d;
  }
  /// A tensor that lies as `channels_inner` says, in the layout asked for.
  tensor_id in_layout(tensor_id t, bool channels_inner, bool wanted) {
    if (failed_ || channels_inner == wanted || to.g[t].shape.rank < 3)
      return failed_ ? no_tensor : t;
    return taken(layouts_.change(to, t, wanted));
  }

  // ---- nodes ----
  bool emit(const op_def& op, std::vector<tensor_id> in, std::vector<tensor_id> out,
            attributes a = {}) {
    return !failed_ && check(to.emit(op, std::move(in), std::move(out), std::move(a)));
  }
  /// A layer's int32 sums.
  tensor_id accumulate(const op_def& op, std::vector<tensor_id> in, attributes a,
                       std::vector<double> scales) {
    if (failed_) return no_tensor;
    return taken(to.accumulate(op, std::move(in), std::move(a), dtype::s32, std::move(scales), {}));
  }
  void reshape_to(tensor_id x, tensor_id y, const dims& s) {
    attributes a;
    a.set("shape", std::vector<std::int64_t>(s.begin(), s.end()));
    emit(ops::reshape, {x}, {y}, std::move(a));
  }
  /// The same elements under another quantization.
  tensor_id alias(tensor_id t, std::vector<double> scales, std::vector<std::int32_t> zero_points,
                  std::int32_t axis = -1) {
    if (failed_) return no_tensor;
    const tensor_id same =
        to.temporary("", to.g[t].type, std::move(scales), std::move(zero_points), axis);
    reshape_to(t, same, to.g[t].shape);
    return failed_ ? no_tensor : same;
  }

 private:
  tensor_id taken(result<tensor_id> r) {
    if (r) return *r;
    fail(r.error());
    return no_tensor;
  }

  bool failed_ = false;
  error_info error_;
  layout_changes layouts_;
};

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_COMMON_ROW_EMITTER_HPP_
// ---- octet/import/mxnet/attributes.hpp
// Values of a symbol's attributes: MXNet writes them as Python would print them.
#ifndef OCTET_IMPORT_MXNET_ATTRIBUTES_HPP_
#define OCTET_IMPORT_MXNET_ATTRIBUTES_HPP_

#include <charconv>
#include <optional>

// ---- octet/import/mxnet/symbol.hpp
// NAME-symbol.json: MXNet's graphs as text, read into plain structs.
#ifndef OCTET_IMPORT_MXNET_SYMBOL_HPP_
#define OCTET_IMPORT_MXNET_SYMBOL_HPP_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>


OCTET_NAMESPACE_BEGIN
namespace mxnet_model {

/// One output of one node.
struct symbol_entry {
  std::int32_t node = 0, output = 0;
};

struct symbol;
/// Keys and values of "attrs" ("attr" and "param" in old files): text throughout.
using symbol_attributes = std::map<std::string, std::string, std::less<>>;

struct symbol_node {
  std::string op;  // "null": a variable
  std::string name;
  symbol_attributes attributes;
  std::vector<symbol_entry> inputs;
  std::vector<symbol> subgraphs;  // of fused nodes: the operators they stand for

  bool variable() const noexcept { return op == "null"; }
};

/// Every node reads only nodes before it. `variables` and `heads` lie within `nodes`.
struct symbol {
  std::vector<symbol_node> nodes;
  std::vector<std::int32_t> variables;  // inputs, parameters and auxiliary states, in order
  std::vector<symbol_entry> heads;
  std::int32_t version = 0;  // major * 10000 + minor * 100 + patch of the MXNet that wrote it
};

namespace detail {

inline constexpr std::size_t most_symbol_bytes = std::size_t{1} << 22;  // large networks: 1 MB
inline constexpr std::size_t most_nested = 64;                          // brackets within brackets
inline constexpr int most_nested_graphs = 4;  // subgraphs within subgraphs; MXNet writes one level

/// JSON text as a tree. nlohmann-json's own tree allocates while it is destroyed, which ends the
/// program where memory has run out; its reader makes this one.
struct json_value {
  enum class kind : std::uint8_t { null, boolean, number, whole, text, array, object };
  kind type = kind::null;
  std::uint64_t number = 0;  // kind::whole: an integer of 0 or more
  std::unique_ptr<std::string> string;
  std::vector<json_value> list;  // an array's elements; an object's keys, each before its value

  bool is(kind k) const noexcept { return type == k; }
  const std::string* text() const noexcept { return string.get(); }
  const std::uint64_t* whole() const noexcept { return is(kind::whole) ? &number : nullptr; }
  const char* type_name() const noexcept {
    switch (type) {
      case kind::null: return "null";
      case kind::boolean: return "boolean";
      case kind::number:
      case kind::whole: return "number";
      case kind::text: return "string";
      case kind::array: return "array";
      case kind::object: return "object";
    }
    return "";
  }
};

/// Makes the tree while it is read: says where an error is, and bounds the nesting.
struct json_reader {
  using kind = json_value::kind;
  json_value root;
  std::size_t most_deep = most_nested;
  std::size_t at = 0;
  bool malformed = false, deep = false;
  std::string what;               // is wrong there
  std::vector<json_value*> open;  // each the last of the one before, which grows no more meanwhile

  json_value& add(kind type) {
    json_value& to = open.empty() ? root : open.back()->list.emplace_back();
    to.type = type;
    return to;
  }
  bool enter(kind type) {
    open.push_back(&add(type));
    deep = open.size() > most_deep;
    return !deep;
  }
  bool leave() {
    open.pop_back();
    return true;
  }
  bool null() { return add(kind::null), true; }
  bool boolean(bool) { return add(kind::boolean), true; }
  bool number_integer(std::int64_t) { return add(kind::number), true; }
  bool number_unsigned(std::uint64_t v) { return add(kind::whole).number = v, true; }
  bool number_float(double, const std::string&) { return add(kind::number), true; }
  bool string(std::string& v) {
    add(kind::text).string = std::make_unique<std::string>(std::move(v));
    return true;
  }
  bool binary(std::vector<std::uint8_t>&) { return false; }  // JSON text has none
  bool key(std::string& v) { return string(v); }
  bool start_object(std::size_t) { return enter(kind::object); }
  bool start_array(std::size_t) { return enter(kind::array); }
  bool end_object() { return leave(); }
  bool end_array() { return leave(); }
  template <class Exception>
  bool parse_error(std::size_t position, const std::string&, const Exception& e) {
    at = position;
    malformed = true;
    // "[json.exception...] parse error at line 1, column 9: syntax error while parsing value -
    // unexpected '}'; expected ...": what is behind the last of the headings.
    const std::string_view text = e.what();
    for (const std::string_view heading : {" - ", ": "})
      if (const auto end = text.find(heading); end != std::string_view::npos && what.empty())
        what = text.substr(end + heading.size());
    return false;
  }
};

/// Member `key` of an object; null where there is none.
inline const json_value* member(const json_value& object, std::string_view key) {
  if (!object.is(json_value::kind::object)) return nullptr;
  for (std::size_t i = object.list.size(); i >= 2; i -= 2)  // of two with one name the last
    if (*object.list[i - 2].text() == key) return &object.list[i - 1];
  return nullptr;
}
inline const json_value* member(const json_value& object, std::string_view key,
                                json_value::kind type) {
  const json_value* v = member(object, key);
  return v && v->is(type) ? v : nullptr;
}
/// An array of entries [node, output] or [node, output, version]; nodes below `nodes`.
inline status read_entries(const json_value& list, std::size_t nodes, const std::string& what,
                           std::vector<symbol_entry>& to) {
  using kind = json_value::kind;
  if (!list.is(kind::array)) return import::malformed(what + " is not an array");
  for (const json_value& e : list.list) {
    const bool shaped = e.is(kind::array) && (e.list.size() == 2 || e.list.size() == 3) &&
                        e.list[0].whole() && e.list[1].whole();
    if (!shaped) return import::malformed(what + ": an entry", {}, "[node, output, version]");
    const auto node = *e.list[0].whole(), output = *e.list[1].whole();
    if (node >= nodes)
      return import::malformed(what + ": node", std::to_string(node),
                               "below " + std::to_string(nodes));
    if (output > INT32_MAX) return import::malformed(what + ": output", std::to_string(output));
    to.push_back({static_cast<std::int32_t>(node), static_cast<std::int32_t>(output)});
  }
  return unit{};
}

inline result<symbol> read_graph(const json_value& j, int nested);

inline status read_node(const json_value& j, std::size_t index, int nested, symbol_node& to) {
  const std::string here = "node " + std::to_string(index);
  using kind = json_value::kind;
  if (!j.is(kind::object)) return import::malformed(here + " is not an object");
  const auto text = [&](const char* key) -> const std::string* {
    const auto* v = member(j, key);
    return v ? v->text() : nullptr;
  };
  const std::string *op = text("op"), *name = text("name");
  if (!op || !name) return import::malformed(here + " has no op or no name");
  to.op = *op;
  to.name = *name;
  for (const char* key : {"param", "attr", "attrs"}) {
    const auto* list = member(j, key);
    if (!list) continue;
    if (!list->is(kind::object)) return import::malformed(here + ": " + key + " is not an object");
    for (std::size_t i = 0; i + 1 < list->list.size(); i += 2) {
      const std::string& key_text = *list->list[i].text();
      const json_value& value = list->list[i + 1];
      if (!value.text())
        return import::malformed(here + ": attribute " + key_text, value.type_name(), "text");
      to.attributes[key_text] = *value.text();
    }
  }
  if (const auto* inputs = member(j, "inputs")) {
    if (auto s = read_entries(*inputs, index, here + ": inputs", to.inputs); !s) return s;
  }
  if (const auto* subgraphs = member(j, "subgraphs")) {
    if (!subgraphs->is(kind::array)) return import::malformed(here + ": subgraphs is not an array");
    for (const json_value& s : subgraphs->list) {
      auto g = read_graph(s, nested + 1);
      if (!g) {
        error_info e = g.error();
        e.what = here + ": subgraph: " + e.what;
        return e;
      }
      to.subgraphs.push_back(std::move(*g));
    }
  }
  return unit{};
}

inline result<symbol> read_graph(const json_value& j, int nested) {
  symbol s;
  if (nested > most_nested_graphs)
    return import::too_large("subgraphs within subgraphs", {},
                             std::to_string(most_nested_graphs) + " levels");
  using kind = json_value::kind;
  const json_value* nodes = member(j, "nodes", kind::array);
  if (!nodes) return import::malformed("no array of nodes", {}, "what MXNet's Symbol.save writes");
  s.nodes.resize(nodes->list.size());
  for (std::size_t i = 0; i < s.nodes.size(); ++i)
    if (auto r = read_node(nodes->list[i], i, nested, s.nodes[i]); !r) return r.error();
  const json_value *variables = member(j, "arg_nodes", kind::array), *heads = member(j, "heads");
  if (!variables || !heads) return import::malformed("no arg_nodes or no heads");
  for (const json_value& v : variables->list) {
    const auto* at = v.whole();
    if (!at || *at >= s.nodes.size() || !s.nodes[as_size(*at)].variable())
      return import::malformed("arg_nodes: an entry", at ? std::to_string(*at) : v.type_name(),
                               "the number of a variable");
    s.variables.push_back(static_cast<std::int32_t>(*at));
  }
  if (auto r = read_entries(*heads, s.nodes.size(), "heads", s.heads); !r) return r.error();
  if (s.heads.empty()) return import::malformed("no heads");
  const json_value* attrs = member(j, "attrs");
  if (const json_value* version = attrs ? member(*attrs, "mxnet_version") : nullptr) {
    const bool shaped = version->is(kind::array) && version->list.size() == 2;
    const auto* v = shaped ? version->list[1].whole() : nullptr;
    if (!v || *v > INT32_MAX) return import::malformed("mxnet_version", {}, "[\"int\", a number]");
    s.version = static_cast<std::int32_t>(*v);
  }
  return s;
}

}  // namespace detail

/// The graph in the text of a symbol file. Errors do not name the file. Brackets within brackets
/// are bounded by limits::depth, and where that is more than MXNet writes, by what it writes.
inline result<symbol> read_symbol(std::span<const std::byte> text, const limits& max = {}) {
  if (text.size() > detail::most_symbol_bytes)
    return import::too_large("symbol file", std::to_string(text.size()) + " bytes",
                             std::to_string(detail::most_symbol_bytes) + " bytes");
  const auto* begin = reinterpret_cast<const char*>(text.data());
  const auto* end = begin + text.size();
  detail::json_reader json;
  json.most_deep = std::min(max.depth, detail::most_nested);
  nlohmann::json::sax_parse(begin, end, &json);
  if (json.deep && max.depth < detail::most_nested)
    return over_limit(&limits::depth, max, "brackets within brackets",
                      std::to_string(json.open.size()));
  if (json.deep)
    return import::malformed("brackets within brackets", {},
                             std::to_string(detail::most_nested) + " levels");
  if (json.malformed)
    return import::malformed("JSON text, at byte " + std::to_string(json.at) +
                             (json.what.empty() ? "" : ": " + json.what));
  return detail::read_graph(json.root, 0);
}

}  // namespace mxnet_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_SYMBOL_HPP_

OCTET_NAMESPACE_BEGIN
namespace mxnet_model {
namespace detail {

constexpr std::string_view trimmed(std::string_view s) {
  constexpr std::string_view blank = " \t\r\n";
  const auto first = s.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(blank) - first + 1);
}
template <class T> std::optional<T> number_in(std::string_view s) {
  s = trimmed(s);
  if constexpr (std::is_integral_v<T>) {
    if (s.ends_with('L')) s.remove_suffix(1);  // Python 2 prints long integers so
  }
  if (s.starts_with('+')) s.remove_prefix(1);
  T v{};
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (error != std::errc() || end != s.data() + s.size()) return {};
  return v;
}

}  // namespace detail

/// "3", "3L".
inline std::optional<std::int64_t> integer_in(std::string_view s) {
  return detail::number_in<std::int64_t>(s);
}
/// "36.890671", "1e-05": the nearest float32.
inline std::optional<float> real_in(std::string_view s) { return detail::number_in<float>(s); }
inline std::optional<double> wide_real_in(std::string_view s) {
  return detail::number_in<double>(s);
}
/// "True", "true", "1" and their opposites.
inline std::optional<bool> boolean_in(std::string_view s) {
  s = detail::trimmed(s);
  if (s == "True" || s == "true" || s == "1") return true;
  if (s == "False" || s == "false" || s == "0") return false;
  return {};
}
namespace detail {

/// The elements of "(3, 3)", "[3,3]", "(3,)", "()", "3", each read by `parse`.
template <class T>
std::optional<std::vector<T>> list_in(std::string_view s,
                                      std::optional<T> (*parse)(std::string_view)) {
  s = trimmed(s);
  const bool round = s.starts_with('('), square = s.starts_with('[');
  if (round || square) {
    if (s.size() < 2 || s.back() != (round ? ')' : ']')) return {};
    s = trimmed(s.substr(1, s.size() - 2));
  }
  std::vector<T> list;
  while (!s.empty()) {
    const auto comma = s.find(',');
    const auto v = parse(s.substr(0, comma));
    if (!v) return {};
    list.push_back(*v);
    s = comma == std::string_view::npos ? std::string_view() : trimmed(s.substr(comma + 1));
  }
  return list;
}

}  // namespace detail

/// "(3, 3)", "[3,3]", "(3,)", "()", "3".
inline std::optional<std::vector<std::int64_t>> integers_in(std::string_view s) {
  return detail::list_in<std::int64_t>(s, &integer_in);
}
/// An integer, or "None".
using integer_or_none = std::optional<std::int64_t>;
/// "(0, None, -1)".
inline std::optional<std::vector<integer_or_none>> integers_or_none_in(std::string_view s) {
  return detail::list_in<integer_or_none>(
      s, [](std::string_view part) -> std::optional<integer_or_none> {
        if (detail::trimmed(part) == "None") return integer_or_none();
        const auto v = integer_in(part);
        if (!v) return {};
        return integer_or_none(v);
      });
}

}  // namespace mxnet_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_ATTRIBUTES_HPP_
// ---- octet/import/mxnet/params.hpp
// NAME-0000.params: MXNet's files of named arrays, in every version of the format.
#ifndef OCTET_IMPORT_MXNET_PARAMS_HPP_
#define OCTET_IMPORT_MXNET_PARAMS_HPP_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>


OCTET_NAMESPACE_BEGIN
namespace mxnet_model {

/// An array of the file: row-major elements without padding, not aligned.
struct params_array {
  dtype type = dtype::f32;
  dims shape;
  bool empty = false;  // the file records an array without shape, type or elements
  std::span<const std::byte> bytes;
};

/// The arrays of a .params file. Refers to the file's bytes.
struct params {
  std::vector<params_array> arrays;
  std::vector<std::string> names;  // one per array, or none at all: "arg:weight", "aux:mean"

  /// The array of that name, with or without its prefix; null where there is none.
  const params_array* find(std::string_view name) const {
    const auto it = index.find(name);
    return it == index.end() ? nullptr : &arrays[it->second];
  }
  std::map<std::string, std::size_t, std::less<>> index;  // names without "arg:" and "aux:"
};

namespace detail {

/// Little-endian fields one after the other. After a field that is not all there, `ended` is set
/// and every value is 0.
class field_reader {
 public:
  explicit field_reader(std::span<const std::byte> b) : left_(b) {}
  template <class T> T get() {
    T v = 0;
    const auto b = bytes(sizeof(T));
    if (!b.empty()) std::memcpy(&v, b.data(), sizeof(T));
    return v;
  }
  std::span<const std::byte> bytes(std::size_t n) {
    if (n > left_.size()) ended = true;
    if (ended) return {};
    const auto b = left_.first(n);
    left_ = left_.subspan(n);
    return b;
  }
  std::size_t left() const noexcept { return left_.size(); }
  bool ended = false;

 private:
  std::span<const std::byte> left_;
};

// Codes of the file; plain integers, as it may hold others.
namespace type_code {  // element types
enum code : std::int32_t {
  float32 = 0,
  float64 = 1,
  float16 = 2,
  uint8 = 3,
  int32 = 4,
  int8 = 5,
  int64 = 6,
  boolean = 7,
  int16 = 8,
  uint16 = 9,
  uint32 = 10,
  uint64 = 11,
  bfloat16 = 12
};
}
namespace storage_code {
enum code : std::int32_t { dense = 0, row_sparse = 1, csr = 2 };
}

/// What MXNet calls the element types that octet's arrays cannot have.
constexpr std::string_view other_type(std::int32_t code) {
  return code == type_code::bfloat16 ? "bfloat16" : "an unknown one";
}
/// Element type of a type code; none where octet has none.
constexpr std::optional<dtype> type_of_code(std::int32_t code) {
  switch (code) {
    case type_code::float32: return dtype::f32;
    case type_code::float64: return dtype::f64;
    case type_code::float16: return dtype::f16;
    case type_code::uint8: return dtype::u8;
    case type_code::int32: return dtype::s32;
    case type_code::int8: return dtype::s8;
    case type_code::int64: return dtype::s64;
    case type_code::boolean: return dtype::boolean;
    case type_code::int16: return dtype::s16;
    case type_code::uint16: return dtype::u16;
    case type_code::uint32: return dtype::u32;
    case type_code::uint64: return dtype::u64;
    default: return {};
  }
}
inline std::string storage_name(std::int32_t code) {
  switch (code) {
    case storage_code::row_sparse: return "row_sparse";
    case storage_code::csr: return "csr";
    default: return std::to_string(code);
  }
}

inline status read_shape(field_reader& f, bool wide, std::int64_t rank, dims& to) {
  if (rank < 0 || rank > dims::max_rank)
    return octet::unsupported("rank", std::to_string(rank),
                              "0 to " + std::to_string(dims::max_rank));
  for (std::int64_t i = 0; i < rank; ++i) {
    const std::int64_t extent =
        wide ? f.get<std::int64_t>() : static_cast<std::int64_t>(f.get<std::uint32_t>());
    if (f.ended) return unit{};
    if (extent < 0) return import::malformed("extent", std::to_string(extent));
    if (extent > INT32_MAX) return import::too_large("extent", std::to_string(extent));
    to.push_back(static_cast<std::int32_t>(extent));
  }
  return unit{};
}

inline status read_array(field_reader& f, const limits& max, params_array& to) {
  constexpr std::uint32_t version_1 = 0xF993FAC8u, version_2 = 0xF993FAC9u, version_3 = 0xF993FACAu;
  const auto magic = f.get<std::uint32_t>();
  std::int64_t rank = magic;  // the oldest form has no magic number: its rank stands there
  const bool newest = magic == version_3, recent = newest || magic == version_2,
             numbered = recent || magic == version_1;
  if (recent) {
    const auto storage = f.get<std::int32_t>();
    if (!f.ended && storage != storage_code::dense)
      return octet::unsupported("storage", storage_name(storage), "dense arrays");
  }
  if (numbered) rank = f.get<std::int32_t>();
  if (newest ? rank == -1 : rank == 0) {
    to.empty = true;
    return unit{};
  }
  if (auto s = read_shape(f, numbered, rank, to.shape); !s) return s;
  f.get<std::int32_t>();  // device type and number: where the array was
  f.get<std::int32_t>();
  const auto code = f.get<std::int32_t>();
  if (f.ended) return unit{};
  const auto type = type_of_code(code);
  if (!type)
    return octet::unsupported("element type",
                              std::to_string(code) + ", " + std::string(other_type(code)),
                              "float32, float64, float16, bool and integers");
  to.type = *type;
  if (auto s = verify_size(to.shape, to.type, max, "an array"); !s) return s;
  to.bytes = f.bytes(bytes_of(to.shape.elements(), to.type).value);
  return unit{};
}

}  // namespace detail

/// The arrays of a .params file. Errors do not name the file.
inline result<params> read_params(std::span<const std::byte> file, const limits& max = {}) {
  constexpr std::uint64_t magic = 0x112;
  detail::field_reader f(file);
  const auto first = f.get<std::uint64_t>();
  f.get<std::uint64_t>();  // reserved
  const auto count = f.get<std::uint64_t>();
  const auto ended = [] { return import::malformed("the file ends early"); };
  if (first != magic)
    return import::malformed("not a file of arrays", {}, "what MXNet's nd.save writes");
  params p;
  for (std::uint64_t i = 0; i < count; ++i) {
    params_array a;
    auto s = detail::read_array(f, max, a);
    if (!s) {
      error_info e = s.error();
      e.what = "array " + std::to_string(i) + ": " + e.what;
      return e;
    }
    if (f.ended) return ended();
    p.arrays.push_back(a);
  }
  const auto names = f.get<std::uint64_t>();
  if (f.ended) return ended();
  if (names != 0 && names != count)
    return import::malformed("number of names", std::to_string(names),
                             "0 or " + std::to_string(count));
  for (std::uint64_t i = 0; i < names; ++i) {
    const auto length = f.get<std::uint64_t>();
    const auto text = f.bytes(as_size(length));
    if (f.ended) return ended();
    std::string name(reinterpret_cast<const char*>(text.data()), text.size());
    const bool prefixed = name.starts_with("arg:") || name.starts_with("aux:");
    if (!p.index.emplace(prefixed ? name.substr(4) : name, i).second)
      return import::malformed("two arrays of one name", name);
    p.names.push_back(std::move(name));
  }
  if (f.left() != 0)
    return import::malformed("bytes after the last name", std::to_string(f.left()));
  return p;
}

}  // namespace mxnet_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_PARAMS_HPP_

OCTET_NAMESPACE_BEGIN
namespace mxnet_model {

/// One value of the file's graph.
struct value {
  enum class kind : std::uint8_t { none, tensor, number, parameter };
  kind what = kind::none;
  tensor_id id = no_tensor;            // tensor
  bool channels_inner = false;         // tensor: axis 1 is the last one in the IR
  float number = 0;                    // one end of a range
  const params_array* data = nullptr;  // parameter
  std::string name;                    // parameter

  static value of(tensor_id id, bool channels_inner) {
    value v;
    v.what = kind::tensor;
    v.id = id;
    v.channels_inner = channels_inner;
    return v;
  }
  static value of(float number) {
    value v;
    v.what = kind::number;
    v.number = number;
    return v;
  }
  bool is(kind k) const noexcept { return what == k; }
};

/// (min, max): what travels with every quantized value. Zero points are 0 throughout.
struct range {
  float lo = 0, hi = 0;
  float largest() const { return std::max(std::fabs(lo), std::fabs(hi)); }
};

class emitter;
/// A node of the file while it is translated.
struct call {
  const symbol_node& node;
  std::vector<value> in;
  std::vector<value> out{};
};
struct mxnet_row {
  std::string_view name;
  void (*emit)(emitter&, call&);
  /// How many of its inputs are data. Those behind are the file's: weights, biases, statistics,
  /// ranges.
  std::size_t data_inputs = SIZE_MAX;
};

/// Rows call these.
class emitter : public import::row_emitter {
 public:
  emitter(import::graph_builder& b, std::int32_t version) : row_emitter(b), version_(version) {}

  // ---- attributes ----
  /// Each gives `otherwise` where the node does not carry the key, and an error where it is not
  /// such a value.
  bool boolean(const symbol_attributes& a, std::string_view key, bool otherwise) {
    return read(a, key, otherwise, &boolean_in, "True or False");
  }
  std::int64_t integer(const symbol_attributes& a, std::string_view key, std::int64_t otherwise) {
    return read(a, key, otherwise, &integer_in, "an integer");
  }
  float real(const symbol_attributes& a, std::string_view key, float otherwise) {
    const float v = read(a, key, otherwise, &real_in, "a number");
    if (!numerics::is_finite(v)) broken("attribute " + std::string(key), std::to_string(v));
    return v;
  }
  /// Where MXNet itself computes in binary64: epsilons.
  double wide_real(const symbol_attributes& a, std::string_view key, double otherwise) {
    const double v = read(a, key, otherwise, &wide_real_in, "a number");
    if (!numerics::is_finite(v)) broken("attribute " + std::string(key), std::to_string(v));
    return v;
  }
  std::vector<std::int64_t> integers(const symbol_attributes& a, std::string_view key) {
    return read(a, key, std::vector<std::int64_t>(), &integers_in, "a tuple of integers");
  }
  /// Empty where the node does not carry the key, or "None" stands there.
  std::vector<integer_or_none> integers_or_none(const symbol_attributes& a, std::string_view key) {
    if (text(a, key, "None") == "None") return {};
    return read(a, key, std::vector<integer_or_none>(), &integers_or_none_in,
                "a tuple of integers and None");
  }
  /// An axis of `rank`, which may count from the end; 0 after an error.
  int axis(std::string_view key, std::int64_t given, int rank) {
    if (!failed() && (given < -rank || given >= rank))
      broken("attribute " + std::string(key), std::to_string(given),
             "an axis of " + std::to_string(rank));
    return failed() ? 0 : static_cast<int>(given < 0 ? given + rank : given);
  }
  /// Axes of `rank`, no axis twice; none where the node does not carry the key, or "None" stands
  /// there.
  std::vector<int> axes(const symbol_attributes& a, std::string_view key, int rank) {
    std::vector<int> list;
    if (text(a, key, "None") == "None") return list;
    const auto given = integers(a, key);
    for (std::int64_t v : given) {
      const int at = axis(key, v, rank);
      if (failed()) return {};
      if (std::find(list.begin(), list.end(), at) != list.end()) {
        broken("attribute " + std::string(key), a.find(key)->second, "no axis twice");
        return {};
      }
      list.push_back(at);
    }
    return list;
  }
  /// Height and width, each in [lowest, 2^24].
  std::array<std::int32_t, 2> pair(const symbol_attributes& a, std::string_view key,
                                   std::int32_t otherwise, std::int32_t lowest) {
    const auto v = integers(a, key);
    if (v.empty()) return {otherwise, otherwise};
    std::array<std::int32_t, 2> p{otherwise, otherwise};
    if (v.size() != 2) {
      refuse("attribute " + std::string(key), std::to_string(v.size()) + " numbers",
             "height and width");
      return p;
    }
    for (std::size_t i = 0; i < 2; ++i) {
      if (v[i] < lowest || v[i] > 1 << 24) {
        broken("attribute " + std::string(key), std::to_string(v[i]));
        return p;
      }
      p[i] = static_cast<std::int32_t>(v[i]);
    }
    return p;
  }
  std::string_view text(const symbol_attributes& a, std::string_view key,
                        std::string_view otherwise) const {
    const auto it = a.find(key);
    return it == a.end() ? otherwise : std::string_view(it->second);
  }
  /// The calibrated range of a node's result.
  std::optional<range> calibration(const symbol_attributes& a) {
    if (text(a, "min_calib_range", "None") == "None" ||
        text(a, "max_calib_range", "None") == "None")
      return {};
    return range{real(a, "min_calib_range", 0), real(a, "max_calib_range", 0)};
  }
  /// The same where the range would be measured at run time otherwise.
  range calibrated(const symbol_attributes& a) {
    const auto r = calibration(a);
    if (!r && !failed())
      refuse("a range that is measured at run time", {},
             "min_calib_range and max_calib_range: quantize with calibration");
    return r.value_or(range{});
  }

  // ---- values ----
  dtype type(const value& v) const {
    return v.is(value::kind::tensor) ? to.g[v.id].type : v.data ? v.data->type : dtype::f32;
  }
  /// Extents in MXNet's order of axes.
  dims shape(const value& v) const {
    if (!v.is(value::kind::tensor)) return v.data ? v.data->shape : dims{};
    return outer_shape(v.id, v.channels_inner);
  }
  /// The graph's tensor in the layout asked for.
  tensor_id held(const value& v, bool channels_inner) {
    if (failed()) return no_tensor;
    if (v.is(value::kind::parameter)) {
      if (!has_data(v) || !copy(v)) return no_tensor;
      const tensor_id id = to.g.add_constant(v.name, v.data->type, v.data->shape,
                                             constant_data::copy(v.data->bytes));
      return held(value::of(id, false), channels_inner);
    }
    if (!v.is(value::kind::tensor)) {
      broken("an input that must be a tensor");
      return no_tensor;
    }
    return in_layout(v.id, v.channels_inner, channels_inner);
  }
  /// Floats, in either layout.
  bool is_real(const value& v) {
    if (type(v) == dtype::f32 && !v.is(value::kind::number)) return true;
    refuse("an input", std::string(name_of(type(v))), "float32");
    return false;
  }
  /// Elements of a parameter of type T; empty after an error.
  template <class T> std::vector<T> elements(const value& v) {
    if (failed()) return {};
    if (!v.is(value::kind::parameter)) {
      refuse("an input that is computed", {}, "parameters of the file");
      return {};
    }
    if (!has_data(v) || !copy(v)) return {};
    if (v.data->type != dtype_of<T>) {
      refuse("parameter " + v.name, std::string(name_of(v.data->type)),
             std::string(name_of(dtype_of<T>)));
      return {};
    }
    std::vector<T> e(v.data->bytes.size() / sizeof(T));
    if (!e.empty()) std::memcpy(e.data(), v.data->bytes.data(), e.size() * sizeof(T));
    if constexpr (std::is_floating_point_v<T>)
      for (T x : e)
        if (!numerics::is_finite(x)) {
          broken("parameter " + v.name + " has values that are not numbers");
          return {};
        }
    return e;
  }
  /// The same with one element per channel.
  template <class T> std::vector<T> elements(const value& v, std::size_t count) {
    auto e = elements<T>(v);
    if (!failed() && e.size() != count) {
      broken("elements of parameter " + v.name, std::to_string(e.size()), std::to_string(count));
      e.clear();
    }
    return e;
  }
  /// Two inputs: the ends of a range.
  range range_at(const call& c, std::size_t i) {
    range r;
    float* ends[] = {&r.lo, &r.hi};
    for (std::size_t k = 0; k < 2; ++k) {
      const value& v = c.in[i + k];
      if (v.is(value::kind::number)) {
        *ends[k] = v.number;
      } else if (const auto e = elements<float>(v, 1); !failed()) {
        *ends[k] = e[0];
      }
    }
    return r;
  }
  /// Exactly that many inputs.
  bool arity(const call& c, std::size_t inputs) {
    if (!failed() && c.in.size() != inputs)
      broken("number of inputs", std::to_string(c.in.size()), std::to_string(inputs));
    return !failed();
  }

  // ---- ranges and scales ----
  std::int32_t version() const noexcept { return version_; }
  /// The number of levels that MXNet divides the largest magnitude into. Version 1.6 added the
  /// halves.
  float levels(dtype t) {
    // Every MXNet that has quantized operators writes its version.
    if (version_ == 0)
      refuse("levels of a file that does not say which MXNet wrote it", "no mxnet_version",
             "attrs: {\"mxnet_version\": [\"int\", 10901]} in the file, or mxnet_options::version; "
             "10600 brought other levels");
    const float half = version_ >= 10600 ? 0.5f : 0.f;
    return (t == dtype::u8 ? 255.f : 127.f) + half;
  }
  /// MXNet's scale: levels per unit, binary32.
  float per_unit(dtype t, float largest) {
    return largest > 0 ? numerics::div(levels(t), largest) : 0x1p31f;
  }
  /// octet's: real value of a step, in binary64; numerics::levels_per_unit gives the former back.
  double step(dtype t, float largest) {
    return largest > 0 ? numerics::div(static_cast<double>(largest), static_cast<double>(levels(t)))
                       : 0x1p-31;
  }
  /// A new tensor of that range.
  tensor_id quantized(dtype t, const range& r) {
    return to.temporary("", t, {step(t, r.largest())}, {0});
  }
  /// A byte tensor with the scale that a node's range inputs give it.
  tensor_id with_range(const value& v, bool channels_inner, const range& r) {
    if (failed()) return no_tensor;
    if (!is_8bit(type(v))) {
      refuse("an input", std::string(name_of(type(v))), "int8 or uint8");
      return no_tensor;
    }
    return with_scale(held(v, channels_inner), step(type(v), r.largest()));
  }
  /// The tensor under another scale: the tensor itself where it is an accumulator that nobody has
  /// read yet, or an alias.
  tensor_id with_scale(tensor_id t, double scale) {
    if (failed() || (to.g[t].scales.size() == 1 && to.g[t].scales[0] == scale)) return t;
    if (!is_scale(scale)) {
      broken("ranges whose quotient is " + std::to_string(scale));
      return no_tensor;
    }
    octet::tensor& own = to.g[t];
    const bool free =
        !scaled_.contains(t) && own.role == octet::tensor::kind::value && own.type == dtype::s32;
    scaled_.insert(t);
    if (free) {
      const auto it = layers_.find(t);
      if (it != layers_.end()) {  // a layer's accumulator has the product of its operands' scales
        const operands& by = it->second;
        to.g[by.weights].scales.assign(1, numerics::div(scale, to.g[by.in].scales[0]));
        own.scales = to.accumulator_scales(to.decide(*by.op, {by.in, by.weights}, {t}, {}, {}),
                                           by.in, by.weights);
      } else {
        own.scales.assign(1, scale);
      }
      return t;
    }
    return alias(t, {scale}, {0});
  }

  /// `acc` = op(in, weights): where acc gets its scale, so do the weights.
  void layer(tensor_id acc, const op_def& op, tensor_id in, tensor_id weights) {
    layers_[acc] = {&op, in, weights};
  }

  // ---- nodes ----
  /// The results of a node: a quantized tensor and its range.
  void give(call& c, tensor_id id, bool channels_inner, const range& r) {
    if (failed()) return;
    c.out = {value::of(id, channels_inner), value::of(r.lo), value::of(r.hi)};
  }
  void give(call& c, tensor_id id, bool channels_inner) {
    if (!failed()) c.out = {value::of(id, channels_inner && to.g[id].shape.rank > 2)};
  }

 private:
  /// Every node that reads a parameter makes its own constant of it: a file must not name one large
  /// parameter in thousands of nodes.
  bool copy(const value& v) { return check(to.make_constant(v.data->bytes.size())); }
  bool has_data(const value& v) {
    if (v.data && !v.data->empty) return true;
    broken("parameter " + v.name + " is empty");
    return false;
  }
  template <class T>
  T read(const symbol_attributes& a, std::string_view key, T otherwise,
         std::optional<T> (*parse)(std::string_view), std::string_view kind) {
    const auto it = a.find(key);
    if (it == a.end()) return otherwise;
    if (auto v = parse(it->second)) return *v;
    fail(import::malformed("attribute " + std::string(key), it->second, std::string(kind)));
    return otherwise;
  }

  std::int32_t version_;
  std::set<tensor_id> scaled_;
  struct operands {
    const op_def* op = nullptr;
    tensor_id in = no_tensor, weights = no_tensor;
  };
  std::map<tensor_id, operands> layers_;
};

}  // namespace mxnet_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_EMIT_HPP_

OCTET_NAMESPACE_BEGIN
namespace mxnet_model::rows {

// ---- geometry ----

/// A convolution's attributes and the shape of its weights [O, I / groups, kh, kw].
struct convolution {
  conv2d_attrs attrs{};
  dims weights{};
  bool depthwise = false, has_bias = false;
  std::size_t channels() const { return as_size(weights[0]); }
};
inline convolution read_convolution(emitter& m, const symbol_attributes& a, const value& x,
                                    const value& w) {
  convolution c;
  const dims shape = m.shape(x);
  c.weights = m.shape(w);
  if (m.failed()) return c;
  if (shape.rank != 4 || c.weights.rank != 4) {
    m.refuse("rank of a convolution's input or weights",
             std::to_string(shape.rank) + ", " + std::to_string(c.weights.rank), "4");
    return c;
  }
  if (const auto layout = m.text(a, "layout", "None"); layout != "None" && layout != "NCHW")
    m.refuse("layout", std::string(layout), "NCHW");
  const auto kernel = m.pair(a, "kernel", 0, 1), stride = m.pair(a, "stride", 1, 1),
             dilation = m.pair(a, "dilate", 1, 1), pad = m.pair(a, "pad", 0, 0);
  const std::int64_t groups = m.integer(a, "num_group", 1);
  c.has_bias = !m.boolean(a, "no_bias", false);
  if (m.failed()) return c;
  const std::int64_t filters = m.integer(a, "num_filter", c.weights[0]);
  if (kernel[0] < 1)
    m.broken("attribute kernel", "none", "height and width");
  else if (groups < 1 || groups > shape[1] || shape[1] % groups != 0 || c.weights[0] % groups != 0)
    m.broken("num_group", std::to_string(groups),
             "a divisor of " + std::to_string(shape[1]) + " and " + std::to_string(c.weights[0]) +
                 " channels");
  else if (kernel[0] != c.weights[2] || kernel[1] != c.weights[3] || filters != c.weights[0] ||
           c.weights[1] != shape[1] / groups || c.weights.elements().value == 0)
    m.broken("shape of the weights", to_string(c.weights),
             "[" + std::to_string(filters) + "," + std::to_string(shape[1] / groups) + "," +
                 std::to_string(kernel[0]) + "," + std::to_string(kernel[1]) +
                 "] by num_filter, the input's channels, num_group and kernel");
  if (m.failed()) return c;
  c.attrs.stride_h = stride[0], c.attrs.stride_w = stride[1];
  c.attrs.dilation_h = dilation[0], c.attrs.dilation_w = dilation[1];
  c.attrs.pad_top = c.attrs.pad_bottom = pad[0], c.attrs.pad_left = c.attrs.pad_right = pad[1];
  c.depthwise = groups == shape[1] && groups > 1;
  c.attrs.groups = c.depthwise ? 1 : static_cast<std::int32_t>(groups);
  return c;
}
/// Weights in octet's order: [O, kh, kw, I / groups], depthwise [1, kh, kw, O]. `axis`: that of the
/// output channels.
template <class T>
tensor_id add_weights(emitter& m, const convolution& c, const std::vector<T>& w,
                      const std::string& name) {
  const auto out = as_size(c.weights[0]), in = as_size(c.weights[1]),
             taps = product_of(c.weights[2], c.weights[3]);
  std::vector<T> to(w.size());
  for (std::size_t o = 0; o < out; ++o)
    for (std::size_t i = 0; i < in; ++i)
      for (std::size_t t = 0; t < taps; ++t)
        to[c.depthwise ? t * out + o : (o * taps + t) * in + i] = w[(o * in + i) * taps + t];
  const dims shape = c.depthwise ? dims{1, c.weights[2], c.weights[3], c.weights[0]}
                                 : dims{c.weights[0], c.weights[2], c.weights[3], c.weights[1]};
  const tensor_id id =
      m.to.g.add_constant(name, dtype_of<T>, shape, constant_data::of(std::span<const T>(to)));
  m.to.g[id].axis = c.depthwise ? 3 : 0;
  return id;
}
/// An int32 constant, or int64 where a value needs it.
inline tensor_id add_bias(emitter& m, const std::vector<double>& b) {
  bool wide = false;
  for (double v : b) wide |= v < -0x1p31 || v >= 0x1p31;
  std::vector<std::int32_t> narrow;
  std::vector<std::int64_t> all;
  for (double v : b) {
    const double bounded = numerics::clamp(v, -0x1p61, 0x1p61);
    if (wide)
      all.push_back(static_cast<std::int64_t>(bounded));
    else
      narrow.push_back(static_cast<std::int32_t>(bounded));
  }
  return wide ? m.to.constant(all) : m.to.constant(narrow);
}

// ---- weights that are quantized when the file is read ----

/// Levels per unit of each output channel's weights: the largest weight takes all levels, unless
/// the channel's bias would not fit int32 in the accumulator's unit.
inline std::vector<float> weight_levels(emitter& m, const std::vector<float>& w,
                                        std::size_t channels, const std::vector<float>& bias,
                                        float data_levels) {
  std::vector<float> to;
  const std::size_t count = w.size() / channels;
  for (std::size_t c = 0; c < channels; ++c) {
    float largest = 0;
    for (std::size_t i = 0; i < count; ++i)
      largest = std::max(largest, std::fabs(w[c * count + i]));
    float s = m.per_unit(dtype::s8, largest);
    if (const float b = bias.empty() ? 0.f : bias[c]; b != 0) {
      const float half = (b > 0 ? 0x1p31f : -0x1p31f) / 2.f;
      s = std::min(s, numerics::div(numerics::div(half, b), data_levels));
    }
    if (!(s > 0) || !numerics::is_finite(s))
      m.broken("scale of a channel's weights", std::to_string(s));
    to.push_back(s);
  }
  return to;
}
inline std::vector<std::int8_t> quantize_weights(const std::vector<float>& w,
                                                 const std::vector<float>& levels) {
  std::vector<std::int8_t> to;
  const std::size_t count = levels.empty() ? 0 : w.size() / levels.size();
  for (std::size_t i = 0; i < w.size() && count != 0; ++i)
    to.push_back(static_cast<std::int8_t>(numerics::clamp_to_int(
        static_cast<double>(numerics::rint(numerics::mul(w[i], levels[i / count]))), -128, 127)));
  return to;
}
/// Biases in units of the accumulator, integers held as floats: oneDNN adds them so.
inline std::vector<float> quantize_bias(const std::vector<float>& bias,
                                        const std::vector<float>& levels, float data_levels) {
  std::vector<float> to;
  for (std::size_t c = 0; c < bias.size(); ++c)
    to.push_back(numerics::rint(numerics::mul(bias[c], numerics::mul(levels[c], data_levels))));
  return to;
}

// ---- the operators inside a fused node ----

struct fused_operators {
  const symbol_node *layer = nullptr, *norm = nullptr;
  std::vector<const symbol_node*> activations;  // in order
  bool sum = false;
};
inline fused_operators read_fused(emitter& m, const call& c, std::string_view layer) {
  fused_operators f;
  if (c.node.subgraphs.size() != 1) {
    m.fail(import::malformed("number of subgraphs", std::to_string(c.node.subgraphs.size()), "1"));
    return f;
  }
  for (const symbol_node& n : c.node.subgraphs[0].nodes) {
    if (n.variable()) continue;
    if (n.op == layer && !f.layer)
      f.layer = &n;
    else if (n.op == "BatchNorm" && !f.norm)
      f.norm = &n;
    else if (n.op == "elemwise_add" && !f.sum)
      f.sum = true;
    else if (n.op == "Activation" || n.op == "LeakyReLU" || n.op == "clip")
      f.activations.push_back(&n);
    else
      m.refuse("an operator inside the fused node", n.op);
  }
  if (!f.layer) m.fail(import::malformed("a fused node without " + std::string(layer)));
  return f;
}
/// An activation that is no more than lower bound 0, or an upper bound besides.
struct bounds {
  bool relu = false;
  float hi = std::numeric_limits<float>::infinity();
};
inline bounds read_activation(emitter& m, const symbol_node& n) {
  const symbol_attributes& a = n.attributes;
  bounds b;
  if (n.op == "clip") {
    b.relu = true;
    b.hi = m.real(a, "a_max", 0);
    if (m.real(a, "a_min", 0) != 0) m.refuse("a clip inside a fused node that does not begin at 0");
    return b;
  }
  const auto kind = m.text(a, "act_type", n.op == "LeakyReLU" ? "leaky" : "");
  b.relu = n.op == "LeakyReLU" ? kind == "leaky" && m.real(a, "slope", 0.25f) == 0 : kind == "relu";
  if (!b.relu)
    m.refuse("activation inside a fused node", n.op + " " + std::string(kind), "relu, clip");
  return b;
}
inline bool with(emitter& m, const call& c, std::string_view key, std::string_view old) {
  return m.boolean(c.node.attributes, key, false) || m.boolean(c.node.attributes, old, false);
}
/// f = gamma / sqrt(var + eps), in binary64 up to its own rounding, and beta + f * (bias - mean),
/// per channel.
struct normalization {
  std::vector<float> factor, offset;
};
inline normalization read_norm(emitter& m, const symbol_attributes& a, const call& c,
                               std::size_t first, std::size_t channels,
                               const std::vector<float>& bias) {
  normalization n;
  const double eps = m.wide_real(a, "eps", 1e-3);
  const bool unit_gamma = m.boolean(a, "fix_gamma", true);
  const auto gamma = m.elements<float>(c.in[first], channels),
             beta = m.elements<float>(c.in[first + 1], channels),
             mean = m.elements<float>(c.in[first + 2], channels),
             var = m.elements<float>(c.in[first + 3], channels);
  if (m.failed()) return n;
  for (std::size_t k = 0; k < channels; ++k) {
    const double deviation = numerics::sqrt(numerics::add(static_cast<double>(var[k]), eps));
    const auto f = static_cast<float>(
        numerics::div(unit_gamma ? 1. : static_cast<double>(gamma[k]), deviation));
    n.factor.push_back(f);
    n.offset.push_back(numerics::add(
        beta[k], numerics::mul(f, numerics::sub(bias.empty() ? 0.f : bias[k], mean[k]))));
    if (!numerics::is_finite(f) || !numerics::is_finite(n.offset[k]))
      m.broken("a variance", std::to_string(var[k]));
  }
  return n;
}

// ---- float layers ----

inline attributes float_bounds(bool relu, float hi) {
  attributes a;
  if (relu) a.set("float_lo", 0.);
  if (relu && numerics::is_finite(hi)) a.set("float_hi", static_cast<double>(hi));
  return a;
}
inline void merge(attributes& to, const attributes& from) {
  for (const auto& [key, v] : from.entries()) to.set(key, v);
}
inline tensor_id float_convolution(emitter& m, const convolution& g, const value& x,
                                   const std::vector<float>& w, const std::vector<float>& bias,
                                   const std::string& name, const attributes& bounds) {
  if (m.failed() || !m.is_real(x)) return no_tensor;
  std::vector<tensor_id> in{m.held(x, true), add_weights(m, g, w, name)};
  if (!bias.empty()) in.push_back(m.to.constant(bias));
  attributes a = to_attributes(g.attrs);
  merge(a, bounds);
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(g.depthwise ? ops::float_depthwise_conv2d : ops::float_conv2d, std::move(in), {y},
         std::move(a));
  return y;
}
inline void convolution_row(emitter& m, call& c) {
  const symbol_attributes& a = c.node.attributes;
  const bool no_bias = m.boolean(a, "no_bias", false);
  if (!m.arity(c, no_bias ? 2 : 3)) return;
  const convolution g = read_convolution(m, a, c.in[0], c.in[1]);
  const auto w = m.elements<float>(c.in[1]);
  const auto bias = no_bias ? std::vector<float>() : m.elements<float>(c.in[2], g.channels());
  const tensor_id y = float_convolution(m, g, c.in[0], w, bias, c.in[1].name, {});
  m.give(c, y, true);
}
/// Rows of weights [N, K] against the input seen as [batch, K].
struct matrix {
  dims weights{};
  bool has_bias = false, keep_dims = false;
  tensor_id x = no_tensor;
  attributes attrs() const {
    fully_connected_attrs a;
    a.keep_dims = keep_dims;
    return to_attributes(a);
  }
  std::size_t channels() const { return as_size(weights[0]); }
};
inline matrix read_matrix(emitter& m, const symbol_attributes& a, const value& x, const value& w) {
  matrix f;
  f.weights = m.shape(w);
  f.has_bias = !m.boolean(a, "no_bias", false);
  f.keep_dims = !m.boolean(a, "flatten", true);
  f.x = m.held(x, false);
  if (m.failed()) return f;
  if (f.weights.rank != 2 || f.weights.elements().value == 0) {
    m.broken("shape of the weights", to_string(f.weights), "[outputs, inputs]");
    return f;
  }
  const dims s = m.to.g[f.x].shape;
  std::size_t row = 1;
  for (int i = f.keep_dims ? s.rank - 1 : 1; i < s.rank; ++i) row *= as_size(s[i]);
  if (s.rank < 1 || row != as_size(f.weights[1]))
    m.broken("shape of the weights", to_string(f.weights), "for an input of " + to_string(s));
  return f;
}
inline tensor_id float_matrix(emitter& m, const call& c, const matrix& f,
                              const attributes& bounds) {
  if (m.failed() || !m.is_real(c.in[0])) return no_tensor;
  std::vector<tensor_id> in{f.x, m.held(c.in[1], false)};
  if (f.has_bias) in.push_back(m.held(c.in[2], false));
  attributes a = f.attrs();
  merge(a, bounds);
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(ops::float_fully_connected, std::move(in), {y}, std::move(a));
  return y;
}
inline void fully_connected_row(emitter& m, call& c) {
  const bool no_bias = m.boolean(c.node.attributes, "no_bias", false);
  if (!m.arity(c, no_bias ? 2 : 3)) return;
  const matrix f = read_matrix(m, c.node.attributes, c.in[0], c.in[1]);
  m.give(c, float_matrix(m, c, f, {}), false);
}

// ---- fused convolution ----

/// A fused convolution as its node and subgraph describe it, normalization folded into its
/// constants.
struct fused_convolution {
  convolution layer{};
  std::vector<float> weights, bias;
  bounds bound;
  std::size_t at_sum = 0, at_range = 0;  // operands
  bool quantized = false, sum = false;
};
inline fused_convolution read_fused_convolution(emitter& m, call& c) {
  fused_convolution f;
  const symbol_attributes& a = c.node.attributes;
  const fused_operators inner = read_fused(m, c, "Convolution");
  if (m.failed()) return f;
  f.quantized = m.boolean(a, "quantized", false), f.sum = m.boolean(a, "with_sum", false);
  const bool norm = m.boolean(a, "with_bn", false), act = with(m, c, "with_act", "with_relu"),
             after = with(m, c, "with_postsum_act", "with_postsum_relu");
  const bool no_bias = m.boolean(inner.layer->attributes, "no_bias", false);
  if (act && f.sum) m.refuse("an activation before a sum inside a fused node");
  if (norm != (inner.norm != nullptr) || f.sum != inner.sum ||
      inner.activations.size() != as_size(act || after))
    m.fail(import::malformed("a fused node whose attributes do not fit its subgraph"));
  const std::size_t at_norm = no_bias ? 2 : 3;
  f.at_sum = at_norm + (norm ? 4 : 0), f.at_range = f.at_sum + (f.sum ? 1 : 0);
  if (!m.arity(c, f.at_range + (f.quantized ? f.sum ? 4 : 2 : 0))) return f;
  f.layer = read_convolution(m, inner.layer->attributes, c.in[0], c.in[1]);
  f.weights = m.elements<float>(c.in[1]);
  if (!no_bias) f.bias = m.elements<float>(c.in[2], f.layer.channels());
  if (!inner.activations.empty()) f.bound = read_activation(m, *inner.activations[0]);
  if (m.failed() || !norm) return f;
  auto n = read_norm(m, inner.norm->attributes, c, at_norm, f.layer.channels(), f.bias);
  if (m.failed()) return f;
  const std::size_t count = f.weights.size() / f.layer.channels();
  for (std::size_t i = 0; i < f.weights.size(); ++i)
    f.weights[i] = numerics::mul(f.weights[i], n.factor[i / count]);
  f.bias = std::move(n.offset);
  return f;
}
inline void real_fused_convolution(emitter& m, call& c, const fused_convolution& f) {
  const attributes bound = float_bounds(f.bound.relu, f.bound.hi);
  const tensor_id y = float_convolution(m, f.layer, c.in[0], f.weights, f.bias, c.in[1].name,
                                        f.sum ? attributes() : bound);
  if (!f.sum) return m.give(c, y, true);
  const tensor_id total = m.to.temporary("", dtype::f32);
  m.emit(ops::add, {y, m.held(c.in[f.at_sum], true)}, {total}, bound);
  m.give(c, total, true);
}
inline void quantized_fused_convolution(emitter& m, call& c, const fused_convolution& f) {
  const convolution& g = f.layer;
  const range in = m.range_at(c, f.at_range), out = m.calibrated(c.node.attributes);
  const tensor_id x = m.with_range(c.in[0], true, in);
  if (m.failed()) return;
  const float data = m.per_unit(m.type(c.in[0]), in.largest());
  const auto levels = weight_levels(m, f.weights, g.channels(), f.bias, data);
  if (m.failed()) return;
  const dtype type = f.bound.relu ? dtype::u8 : dtype::s8;
  const tensor_id y = m.quantized(type, out);
  const double out_step = m.to.g[y].scales[0], in_step = m.to.g[x].scales[0];
  // The multiplier is f32(f32(levels(y) / levels(x)) / levels(w)). The weights' scales are the
  // binary64 numbers that give it again as f32(sx * sw / sy).
  const float ratio = numerics::div(m.per_unit(type, out.largest()), data);
  std::vector<double> scales;
  for (float l : levels) {
    const float factor = numerics::div(ratio, l);
    scales.push_back(numerics::div(numerics::mul(static_cast<double>(factor), out_step), in_step));
    if (!(scales.back() > 0) || !numerics::is_finite(factor))
      return m.broken("ranges whose quotient is " + std::to_string(factor));
  }
  const tensor_id weights = add_weights(m, g, quantize_weights(f.weights, levels), c.in[1].name);
  m.to.g[weights].scales = std::move(scales);
  m.to.g[weights].zero_points.assign(1, 0);
  import::accumulation layer;
  layer.op = g.depthwise ? &ops::depthwise_conv2d : &ops::conv2d;
  layer.in = {x, weights};
  layer.attrs = to_attributes(g.attrs);
  if (!f.bias.empty()) layer.real_bias = m.to.constant(quantize_bias(f.bias, levels, data));
  layer.out = y;
  if (!f.sum) {
    m.check(m.to.accumulate_and_requantize(std::move(layer), c.node.name));
    return m.give(c, y, true, out);
  }
  const tensor_id addend = m.with_range(c.in[f.at_sum], true, m.range_at(c, f.at_range + 2));
  if (m.failed()) return;
  auto scales_of_sums =
      m.to.accumulator_scales(m.to.decide(*layer.op, layer.in, {y}, layer.attrs, {}), x, weights);
  const tensor_id acc = m.accumulate(*layer.op, std::move(layer.in), std::move(layer.attrs),
                                     std::move(scales_of_sums));
  std::vector<tensor_id> parts{acc, addend};
  if (layer.real_bias != no_tensor) parts.push_back(layer.real_bias);
  m.emit(ops::requantize_add, std::move(parts), {y});
  m.give(c, y, true, out);
}
/// data, weight, [bias], [gamma, beta, mean, var], [sum], then of quantized nodes [data_min,
/// data_max], [sum_min, sum_max].
inline void fused_convolution_row(emitter& m, call& c) {
  const fused_convolution f = read_fused_convolution(m, c);
  if (m.failed()) return;
  if (f.quantized)
    quantized_fused_convolution(m, c, f);
  else
    real_fused_convolution(m, c, f);
}

// ---- fused fully connected ----

/// The int8 weights of a fused matrix, how many levels a unit has (for each row of weights, or for
/// all), and the bias in steps of the accumulator.
struct matrix_constants {
  std::vector<std::int8_t> weights;
  std::vector<float> levels;
  std::vector<double> bias;
};
/// Real weights, quantized row by row here. `data`: levels a unit of the input.
inline matrix_constants quantize_matrix(emitter& m, const call& c, const matrix& f, bool has_bias,
                                        float data) {
  matrix_constants k;
  const auto real_w = m.elements<float>(c.in[1]);
  const auto real_b = has_bias ? m.elements<float>(c.in[2], f.channels()) : std::vector<float>();
  if (m.failed()) return k;
  k.levels = weight_levels(m, real_w, f.channels(), real_b, data);
  k.weights = quantize_weights(real_w, k.levels);
  for (float v : quantize_bias(real_b, k.levels, data)) k.bias.push_back(static_cast<double>(v));
  return k;
}
/// Weights and bias that the file quantizes, whose ranges begin at operand `at_range`.
inline matrix_constants read_quantized_matrix(emitter& m, const call& c, const matrix& f,
                                              bool has_bias, std::size_t at_range, float data) {
  matrix_constants k;
  k.weights = m.elements<std::int8_t>(c.in[1]);
  k.levels.assign(1, m.per_unit(dtype::s8, m.range_at(c, at_range).largest()));
  if (!has_bias) return k;
  const auto bytes = m.elements<std::int8_t>(c.in[2], f.channels());
  const float bias_levels = m.per_unit(dtype::s8, m.range_at(c, at_range + 2).largest()),
              factor = numerics::div(numerics::mul(data, k.levels[0]), bias_levels);
  for (std::int8_t v : bytes)
    k.bias.push_back(static_cast<double>(
        numerics::round_half_away(numerics::mul(static_cast<float>(v), factor))));
  return k;
}
/// Accumulators to real numbers, and those to the output's levels where it has some: uint8's
/// lowest is relu's bound, real results get theirs from `real_bounds`.
inline void dequantize_accumulator(emitter& m, tensor_id acc, tensor_id y, bool real,
                                   const attributes& real_bounds) {
  const bool bounded = real && !real_bounds.entries().empty();
  const tensor_id unscaled = real && !bounded ? y : m.to.temporary("", dtype::f32);
  m.emit(ops::dequantize, {acc}, {unscaled});
  if (bounded)
    m.emit(ops::mul, {unscaled, m.to.scalar_constant(1.f)}, {y}, attributes(real_bounds));
  else if (!real)
    m.emit(ops::quantize, {unscaled}, {y});
}
/// A fused matrix as its node and subgraph describe it.
struct fused_matrix {
  matrix layer;
  bounds bound;
  std::size_t at_range = 0;                                  // operand
  bool quantized = false, by_channel = false, real = false;  // real: float results
};
inline fused_matrix read_fused_matrix(emitter& m, call& c) {
  fused_matrix f;
  const symbol_attributes& a = c.node.attributes;
  const fused_operators inner = read_fused(m, c, "FullyConnected");
  if (m.failed()) return f;
  f.quantized = m.boolean(a, "quantized", false);
  const bool act = with(m, c, "with_eltwise", "with_relu");
  f.by_channel = m.boolean(a, "channel_wise_quantize", false);
  f.real = with(m, c, "enable_float_output", "enabled_float_output");
  const bool no_bias = m.boolean(inner.layer->attributes, "no_bias", false);
  if (inner.norm || inner.sum || inner.activations.size() != as_size(act))
    m.fail(import::malformed("a fused node whose attributes do not fit its subgraph"));
  f.at_range = no_bias ? 2 : 3;
  const std::size_t ranges = !f.quantized ? 0 : f.by_channel ? 2 : no_bias ? 4 : 6;
  if (!m.arity(c, f.at_range + ranges)) return f;
  f.layer = read_matrix(m, inner.layer->attributes, c.in[0], c.in[1]);
  if (!inner.activations.empty()) f.bound = read_activation(m, *inner.activations[0]);
  return f;
}
inline void quantized_fused_matrix(emitter& m, call& c, const fused_matrix& f) {
  const bool has_bias = f.layer.has_bias;
  const range in = m.range_at(c, f.at_range);
  const tensor_id x = m.with_range(value::of(f.layer.x, false), false, in);
  if (m.failed()) return;
  const float data = m.per_unit(m.type(c.in[0]), in.largest());
  const matrix_constants k =
      f.by_channel ? quantize_matrix(m, c, f.layer, has_bias, data)
                   : read_quantized_matrix(m, c, f.layer, has_bias, f.at_range + 2, data);
  if (m.failed()) return;
  const tensor_id weights =
      m.to.g.add_constant(c.in[1].name, dtype::s8, f.layer.weights,
                          constant_data::of(std::span<const std::int8_t>(k.weights)));
  std::vector<tensor_id> operands{x, weights};
  if (has_bias) operands.push_back(add_bias(m, k.bias));
  octet::tensor& t = m.to.g[weights];
  t.zero_points.assign(1, 0);
  t.axis = 0;
  // Real results and those behind an activation take two steps: f32(acc * f32(f32(1 / levels(x)) /
  // levels(w))), then the bounds and the output's levels. Others take one, as convolutions do.
  const bool two_steps = f.real || f.bound.relu;
  const range out = f.real ? range{} : m.calibrated(c.node.attributes);
  if (m.failed()) return;
  const dtype type = f.bound.relu ? dtype::u8 : dtype::s8;
  const tensor_id y = f.real ? m.to.temporary("", dtype::f32) : m.quantized(type, out);
  const double in_step = m.to.g[x].scales[0];
  std::vector<double> accumulator;
  for (float l : k.levels) {
    const float first = two_steps ? 1.f : m.per_unit(type, out.largest()),
                factor = numerics::div(numerics::div(first, data), l);
    accumulator.push_back(two_steps
                              ? static_cast<double>(factor)
                              : numerics::mul(static_cast<double>(factor), m.to.g[y].scales[0]));
    t.scales.push_back(numerics::div(accumulator.back(), in_step));
    if (!(t.scales.back() > 0) || !numerics::is_finite(factor))
      return m.broken("ranges whose quotient is " + std::to_string(factor));
  }
  if (two_steps) {
    const tensor_id acc = m.accumulate(ops::fully_connected, std::move(operands), f.layer.attrs(),
                                       std::move(accumulator));
    dequantize_accumulator(m, acc, y, f.real, float_bounds(f.bound.relu, f.bound.hi));
  } else {
    import::accumulation layer;
    layer.op = &ops::fully_connected;
    layer.in = std::move(operands);
    layer.attrs = f.layer.attrs();
    layer.out = y;
    m.check(m.to.accumulate_and_requantize(std::move(layer), c.node.name));
  }
  if (f.real)
    m.give(c, y, false);
  else
    m.give(c, y, false, out);
}
/// data, weight, [bias], data_min, data_max, and of weights that the file quantizes weight_min,
/// weight_max, [bias_min, bias_max].
inline void fused_matrix_row(emitter& m, call& c) {
  const fused_matrix f = read_fused_matrix(m, c);
  if (m.failed()) return;
  if (f.quantized) return quantized_fused_matrix(m, c, f);
  m.give(c, float_matrix(m, c, f.layer, float_bounds(f.bound.relu, f.bound.hi)), false);
}

// ---- plain quantized layers: int32 results, requantized by a node of their own ----

/// Largest magnitude that an int32 result stands for, from the steps of its operands.
inline range accumulator_range(float a, float b) {
  const float hi = numerics::mul(numerics::mul(a, b), 0x1p31f);
  return {-hi, hi};
}
/// The result of a layer whose accumulator the file keeps. Its scale is set where it is read.
inline void give_accumulator(emitter& m, call& c, const op_def& op, std::vector<tensor_id> in,
                             attributes a, const range& r, bool channels_inner) {
  if (m.failed()) return;
  if (!(r.hi > 0) || !numerics::is_finite(r.hi)) return m.broken("a range of 0 or without end");
  const double scale = static_cast<double>(r.hi) * 0x1p-31;
  const tensor_id x = in[0], w = in[1];
  m.to.g[w].scales.assign(1, numerics::div(scale, m.to.g[x].scales[0]));
  m.to.g[w].zero_points.assign(1, 0);
  const tensor_id acc = m.accumulate(op, std::move(in), std::move(a), {scale});
  m.layer(acc, op, x, w);
  m.give(c, acc, channels_inner, r);
}
/// data, weight, [bias], then min and max of each.
inline void quantized_convolution_row(emitter& m, call& c) {
  const symbol_attributes& a = c.node.attributes;
  const bool no_bias = m.boolean(a, "no_bias", false);
  const std::size_t base = no_bias ? 2 : 3;
  if (!m.arity(c, 3 * base)) return;
  const convolution g = read_convolution(m, a, c.in[0], c.in[1]);
  const auto w = m.elements<std::int8_t>(c.in[1]);
  const range in = m.range_at(c, base), weight = m.range_at(c, base + 2);
  const tensor_id x = m.with_range(c.in[0], true, in);
  if (m.failed()) return;
  const auto step = [&](dtype t, const range& r) {
    return numerics::div(r.largest(), m.levels(t));
  };
  const float da = step(m.type(c.in[0]), in), wa = step(dtype::s8, weight);
  std::vector<tensor_id> operands{x, add_weights(m, g, w, c.in[1].name)};
  if (!no_bias) {
    const auto bytes = m.elements<std::int8_t>(c.in[2], g.channels());
    const double ba = static_cast<double>(step(dtype::s8, m.range_at(c, base + 4))),
                 unit = numerics::mul(static_cast<double>(da), static_cast<double>(wa));
    std::vector<double> bias;
    for (std::int8_t v : bytes)
      bias.push_back(
          numerics::rint(numerics::div(numerics::mul(static_cast<double>(v), ba), unit)));
    operands.push_back(add_bias(m, bias));
  }
  give_accumulator(m, c, g.depthwise ? ops::depthwise_conv2d : ops::conv2d, std::move(operands),
                   to_attributes(g.attrs), accumulator_range(da, wa), true);
}
inline void quantized_matrix_row(emitter& m, call& c) {
  const symbol_attributes& a = c.node.attributes;
  const bool no_bias = m.boolean(a, "no_bias", false);
  const std::size_t base = no_bias ? 2 : 3;
  if (!m.arity(c, 3 * base)) return;
  const matrix f = read_matrix(m, a, c.in[0], c.in[1]);
  const auto w = m.elements<std::int8_t>(c.in[1]);
  const range in = m.range_at(c, base), weight = m.range_at(c, base + 2);
  const tensor_id x = m.with_range(value::of(f.x, false), false, in);
  if (m.failed()) return;
  const dtype type = m.type(c.in[0]);
  const tensor_id weights = m.to.g.add_constant(c.in[1].name, dtype::s8, f.weights,
                                                constant_data::of(std::span<const std::int8_t>(w)));
  std::vector<tensor_id> operands{x, weights};
  if (!no_bias) {
    const auto bytes = m.elements<std::int8_t>(c.in[2], f.channels());
    const float units = numerics::mul(m.per_unit(type, in.largest()),
                                      m.per_unit(dtype::s8, weight.largest())),
                factor = numerics::div(numerics::mul(units, m.range_at(c, base + 4).largest()),
                                       m.levels(dtype::s8));
    std::vector<double> bias;
    for (std::int8_t v : bytes)
      bias.push_back(
          numerics::trunc(static_cast<double>(numerics::mul(static_cast<float>(v), factor))));
    operands.push_back(add_bias(m, bias));
  }
  // Here the levels are whole, in every version.
  const float da = numerics::div(in.largest(), 127.f),
              wa = numerics::div(weight.largest(), type == dtype::s8 ? 127.f : 255.f);
  give_accumulator(m, c, ops::fully_connected, std::move(operands), f.attrs(),
                   accumulator_range(da, wa), false);
}

}  // namespace mxnet_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_ROWS_LAYERS_HPP_

OCTET_NAMESPACE_BEGIN
namespace mxnet_model::rows {

// ---- quantize, dequantize, requantize ----

/// Element type of a result: "auto" is uint8 where the range does not go below 0.
inline dtype out_type(emitter& m, const call& c, std::string_view otherwise, const range& r) {
  const auto t = m.text(c.node.attributes, "out_type", otherwise);
  if (t == "int8") return dtype::s8;
  if (t == "uint8") return dtype::u8;
  if (t != "auto") m.refuse("out_type", std::string(t), "int8, uint8, auto");
  return r.lo >= 0 ? dtype::u8 : dtype::s8;
}
inline range around_zero(const range& r) { return {-r.largest(), r.largest()}; }

inline void quantize_row(emitter& m, call& c) {
  if (!m.arity(c, 1) || !m.is_real(c.in[0])) return;
  const range r = m.calibrated(c.node.attributes);
  const dtype t = out_type(m, c, "int8", r);
  if (m.failed()) return;
  const value& x = c.in[0];
  const tensor_id y = m.quantized(t, r);
  m.emit(ops::quantize, {m.held(x, x.channels_inner)}, {y});
  m.give(c, y, x.channels_inner, t == dtype::s8 ? around_zero(r) : r);
}
/// The older operator: the range comes as two inputs, and its levels are whole in every version.
inline void quantize_by_inputs_row(emitter& m, call& c) {
  if (!m.arity(c, 3) || !m.is_real(c.in[0])) return;
  const range r = m.range_at(c, 1);
  const dtype t = out_type(m, c, "uint8", r);
  if (!m.failed() && !(r.largest() > 0)) m.broken("a range of 0");
  if (m.failed()) return;
  const value& x = c.in[0];
  const tensor_id y = m.quantized(t, r);
  attributes a;
  a.set("multiplier",
        static_cast<double>(numerics::div(t == dtype::s8 ? 127.f : 255.f, r.largest())));
  m.emit(ops::quantize, {m.held(x, x.channels_inner)}, {y}, std::move(a));
  m.give(c, y, x.channels_inner, t == dtype::s8 ? around_zero(r) : r);
}
inline void dequantize_row(emitter& m, call& c) {
  if (!m.arity(c, 3)) return;
  const range r = m.range_at(c, 1);
  if (!m.failed() && !(r.largest() > 0)) m.broken("a range of 0");
  const value& x = c.in[0];
  const tensor_id from = m.with_range(x, x.channels_inner, r);
  if (m.failed()) return;
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(ops::dequantize, {from}, {y});
  m.give(c, y, x.channels_inner);
}
/// int32 results of plain layers and sums to bytes; its levels are whole in every version.
inline void requantize_row(emitter& m, call& c) {
  if (!m.arity(c, 3)) return;
  const range in = m.range_at(c, 1), out = m.calibrated(c.node.attributes);
  const dtype t = out_type(m, c, "int8", out);
  const value& x = c.in[0];
  if (!m.failed() && (!x.is(value::kind::tensor) || m.type(x) != dtype::s32))
    m.refuse("an input", std::string(name_of(m.type(x))), "the int32 result of another node");
  if (m.failed()) return;
  const float largest = out.largest(),
              factor = numerics::mul(numerics::mul(in.largest(), 0x1p-31f),
                                     numerics::div(t == dtype::s8 ? 127.f : 255.f, largest));
  if (!(factor > 0) || !numerics::is_finite(factor))
    return m.broken("ranges whose quotient is " + std::to_string(factor));
  const tensor_id y = m.quantized(t, {t == dtype::s8 ? -largest : 0.f, largest});
  const tensor_id from =
      m.with_scale(x.id, numerics::mul(static_cast<double>(factor), m.to.g[y].scales[0]));
  m.emit(ops::requantize, {from}, {y});
  m.give(c, y, x.channels_inner, {t == dtype::s8 ? -largest : 0.f, largest});
}
/// uint8 to int8 by an explicit factor, saturating.
inline tensor_id to_signed(emitter& m, tensor_id x, float factor) {
  if (m.failed()) return no_tensor;
  if (!(factor > 0) || !numerics::is_finite(factor)) {
    m.broken("ranges whose quotient is " + std::to_string(factor));
    return no_tensor;
  }
  const tensor_id y = m.to.temporary(
      "", dtype::s8, {numerics::div(m.to.g[x].scales[0], static_cast<double>(factor))}, {0});
  m.emit(ops::requantize, {x}, {y});
  return y;
}

// ---- two operands ----

/// The layout for operands that meet element by element.
inline bool common_layout(emitter& m, const call& c, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (m.shape(c.in[i]).rank >= 3 && c.in[i].channels_inner) return true;
  return false;
}
/// a, b, then the ranges of both. Calibrated: bytes. Otherwise int32, whose range is the sum's.
inline void quantized_sum_row(emitter& m, call& c) {
  if (!m.arity(c, 6)) return;
  const range ra = m.range_at(c, 2), rb = m.range_at(c, 4);
  const bool inner = common_layout(m, c, 2);
  tensor_id a = m.with_range(c.in[0], inner, ra), b = m.with_range(c.in[1], inner, rb);
  const auto calibrated = m.calibration(c.node.attributes);
  if (m.failed()) return;
  if (!(m.shape(c.in[0]) == m.shape(c.in[1])))
    return m.broken("shapes of a sum",
                    to_string(m.shape(c.in[0])) + ", " + to_string(m.shape(c.in[1])), "one shape");
  const dtype ta = m.type(c.in[0]), tb = m.type(c.in[1]);
  range out;
  float fa, fb;
  tensor_id y;
  if (calibrated) {
    out = *calibrated;
    const dtype t = ta == dtype::u8 && tb == dtype::u8 ? dtype::u8 : dtype::s8;
    const float levels = m.per_unit(t, out.largest());
    fa = numerics::div(levels, m.per_unit(ta, ra.largest()));
    fb = numerics::div(levels, m.per_unit(tb, rb.largest()));
    y = m.quantized(t, out);
  } else {
    out.hi = numerics::add(ra.largest(), rb.largest());
    out.lo = -out.hi;
    if (!(out.hi > 0) || !numerics::is_finite(out.hi))
      return m.broken("a range of 0 or without end");
    const auto factor = [&](const range& r, dtype t) {
      return numerics::div(numerics::mul(r.largest(), 0x1p31f), numerics::mul(out.hi, m.levels(t)));
    };
    fa = factor(ra, ta), fb = factor(rb, tb);
    y = m.to.temporary("", dtype::s32, {static_cast<double>(out.hi) * 0x1p-31}, {0});
  }
  // Mixed operands: the uint8 one becomes int8 first, in the result's steps. MXNet 2 halves it.
  if (ta != tb && m.version() >= 20000)
    return m.refuse("a sum of int8 and uint8 in files of MXNet 2");
  if (ta != tb) {
    if (ta == dtype::u8)
      a = to_signed(m, a, fa), fa = 1;
    else
      b = to_signed(m, b, fb), fb = 1;
  }
  attributes attrs;
  if (!calibrated || ta != tb) {
    attrs.set("a_ratio", static_cast<double>(fa));
    attrs.set("b_ratio", static_cast<double>(fb));
  }
  m.emit(ops::qnn_add, {a, b}, {y}, std::move(attrs));
  m.give(c, y, inner, out);
}
/// All values, then a range of each.
inline void quantized_concat_row(emitter& m, call& c) {
  const std::int64_t given =
      m.integer(c.node.attributes, "num_args", static_cast<std::int64_t>(c.in.size() / 3));
  if (m.failed()) return;
  if (given < 1 || as_size(given) > c.in.size()) return m.broken("num_args", std::to_string(given));
  const auto count = as_size(given);
  if (!m.arity(c, 3 * count)) return;
  const bool inner = common_layout(m, c, count);
  range out;  // holds 0
  dtype type = dtype::u8;
  std::vector<tensor_id> in;
  for (std::size_t i = 0; i < count; ++i) {
    const range r = m.range_at(c, count + 2 * i);
    out.lo = std::min(out.lo, r.lo), out.hi = std::max(out.hi, r.hi);
    in.push_back(m.with_range(c.in[i], inner, r));
    if (m.failed()) return;
    if (m.type(c.in[i]) == dtype::s8) type = dtype::s8;
  }
  const tensor_id y = m.quantized(type, out);
  for (tensor_id& t : in)
    if (m.to.g[t].type != type)
      t = to_signed(m, t, numerics::rescale_by_levels(m.to.g[t].scales[0], m.to.g[y].scales[0]));
  const int rank = m.shape(c.in[0]).rank;
  std::int64_t axis = m.integer(c.node.attributes, "dim", 1);
  if (axis < 0) axis += rank;
  if (m.failed()) return;
  if (axis < 0 || axis >= rank) return m.broken("dim", std::to_string(axis));
  attributes a;
  a.set("axis", std::int64_t{import::axis_in_layout(static_cast<int>(axis), rank, inner)});
  m.emit(ops::qnn_concat, std::move(in), {y}, std::move(a));
  m.give(c, y, inner, out);
}
inline void concat_row(emitter& m, call& c) {
  if (c.in.empty()) return m.broken("number of inputs", "0");
  const bool inner = common_layout(m, c, c.in.size());
  std::vector<tensor_id> in;
  for (const value& v : c.in) {
    if (!m.is_real(v)) return;
    in.push_back(m.held(v, inner));
  }
  const int rank = m.shape(c.in[0]).rank;
  std::int64_t axis = m.integer(c.node.attributes, "dim", 1);
  if (axis < 0) axis += rank;
  if (!m.failed() && (axis < 0 || axis >= rank)) m.broken("dim", std::to_string(axis));
  if (m.failed()) return;
  attributes a;
  a.set("axis", std::int64_t{import::axis_in_layout(static_cast<int>(axis), rank, inner)});
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(ops::concat, std::move(in), {y}, std::move(a));
  m.give(c, y, inner);
}

// ---- pooling ----

inline pool2d_attrs read_pooling(emitter& m, const symbol_attributes& a, const dims& x) {
  pool2d_attrs p;
  if (x.rank != 4) {
    m.refuse("rank of a pooling's input", std::to_string(x.rank), "4");
    return p;
  }
  if (const auto layout = m.text(a, "layout", "None"); layout != "None" && layout != "NCHW")
    m.refuse("layout", std::string(layout), "NCHW");
  if (m.boolean(a, "global_pool", false)) {
    p.window_h = x[2], p.window_w = x[3];
    return p;
  }
  const auto window = m.pair(a, "kernel", 0, 1), stride = m.pair(a, "stride", 1, 1),
             pad = m.pair(a, "pad", 0, 0);
  const auto convention = m.text(a, "pooling_convention", "valid");
  if (convention != "valid" && convention != "full")
    m.refuse("pooling_convention", std::string(convention), "valid, full");
  if (!m.failed() && (window[0] < 1 || window[1] < 1)) m.broken("attribute kernel is missing");
  if (m.failed()) return p;
  p.window_h = window[0], p.window_w = window[1];
  p.stride_h = stride[0], p.stride_w = stride[1];
  p.pad_top = p.pad_bottom = pad[0], p.pad_left = p.pad_right = pad[1];
  if (convention == "full") {  // the last window may begin anywhere before the padding ends
    const auto after = [](std::int64_t in, std::int64_t k, std::int64_t s, std::int64_t p0) {
      const std::int64_t left = in + 2 * p0 - k;
      return left < 0 ? p0 : p0 + (s - left % s) % s;
    };
    p.pad_bottom = static_cast<std::int32_t>(after(x[2], window[0], stride[0], pad[0]));
    p.pad_right = static_cast<std::int32_t>(after(x[3], window[1], stride[1], pad[1]));
  }
  return p;
}
template <bool Quantized> void pooling_row(emitter& m, call& c) {
  if (!m.arity(c, Quantized ? 3 : 1)) return;
  const symbol_attributes& a = c.node.attributes;
  pool2d_attrs p = read_pooling(m, a, m.shape(c.in[0]));
  const auto kind = m.text(a, "pool_type", "max");
  if (kind != "max" && kind != "avg") m.refuse("pool_type", std::string(kind), "max, avg");
  const bool average = kind == "avg";
  if (average && m.boolean(a, "count_include_pad", true) && !m.failed()) {
    const std::int64_t window = std::int64_t{p.window_h} * p.window_w;
    if (window > INT32_MAX) m.broken("attribute kernel", std::to_string(window));
    p.divisor = static_cast<std::int32_t>(window);
  }
  if (m.failed()) return;
  if constexpr (Quantized) {
    const range r = m.range_at(c, 1);
    const tensor_id x = m.with_range(c.in[0], true, r);
    if (m.failed()) return;
    const tensor_id y = m.to.like(x);
    m.emit(average ? ops::qnn_avg_pool2d : ops::qnn_max_pool2d, {x}, {y}, to_attributes(p));
    m.give(c, y, true, r);
  } else {
    if (!m.is_real(c.in[0])) return;
    const tensor_id y = m.to.temporary("", dtype::f32);
    m.emit(average ? ops::avg_pool2d : ops::max_pool2d, {m.held(c.in[0], true)}, {y},
           to_attributes(p));
    m.give(c, y, true);
  }
}

// ---- one operand ----

inline void quantized_activation_row(emitter& m, call& c) {
  if (!m.arity(c, 3)) return;
  if (const auto kind = m.text(c.node.attributes, "act_type", ""); kind != "relu")
    m.refuse("act_type", std::string(kind), "relu");
  const range r = m.range_at(c, 1);
  const tensor_id x = m.with_range(c.in[0], c.in[0].channels_inner, r);
  if (m.failed()) return;
  const tensor_id y = m.to.like(x);
  attributes a;
  if (m.to.g[x].type == dtype::s8) a.set("clamp_lo", std::int64_t{0});
  m.emit(ops::qnn_relu, {x}, {y}, std::move(a));
  m.give(c, y, c.in[0].channels_inner, r);
}
/// y = rint(fma(q, alpha, beta)). MXNet folds ranges and statistics into alpha and beta and lets
/// oneDNN normalize by mean 0 and variance 1, whose epsilon so counts a second time. uint8 becomes
/// int8 first.
inline void quantized_norm_row(emitter& m, call& c) {
  if (!m.arity(c, 7)) return;
  const symbol_attributes& a = c.node.attributes;
  const range in = m.range_at(c, 5), out = m.calibrated(a);
  const dims shape = m.shape(c.in[0]);
  if (const std::int64_t axis = m.integer(a, "axis", 1); axis != 1)
    m.refuse("axis", std::to_string(axis), "1");
  if (!m.failed() && shape.rank < 2) m.broken("rank", std::to_string(shape.rank));
  if (m.failed()) return;
  const auto channels = as_size(shape[1]);
  const double eps = m.wide_real(a, "eps", 1e-3);
  const auto gamma = m.elements<float>(c.in[1], channels),
             beta = m.elements<float>(c.in[2], channels),
             mean = m.elements<float>(c.in[3], channels),
             var = m.elements<float>(c.in[4], channels);
  tensor_id x = m.with_range(c.in[0], true, in);
  if (m.failed()) return;
  if (m.to.g[x].type == dtype::u8)
    x = to_signed(m, x, numerics::div(m.levels(dtype::s8), m.levels(dtype::u8)));
  std::vector<float> factor, offset;
  for (std::size_t k = 0; k < channels; ++k) {
    const double deviation = numerics::sqrt(numerics::add(static_cast<double>(var[k]), eps));
    const float inverse = static_cast<float>(numerics::div(1., deviation)),
                ratio = numerics::div(numerics::mul(numerics::mul(gamma[k], inverse), in.largest()),
                                      out.largest());
    factor.push_back(
        numerics::div(ratio, numerics::sqrt_f32(numerics::add(1.f, static_cast<float>(eps)))));
    const float shift =
        numerics::sub(beta[k], numerics::mul(numerics::mul(mean[k], gamma[k]), inverse));
    offset.push_back(numerics::div(numerics::mul(shift, m.levels(dtype::s8)), out.largest()));
    if (!numerics::is_finite(factor[k]) || !numerics::is_finite(offset[k]))
      return m.broken("a variance or a range", std::to_string(var[k]));
  }
  const tensor_id y = m.quantized(dtype::s8, out);
  m.emit(ops::batch_norm, {x, m.to.constant(factor), m.to.constant(offset)}, {y});
  m.give(c, y, true, out);
}
/// Bounds of plain floats: times 1 with a fused clamp keeps every other value.
inline void bounded(emitter& m, call& c, attributes bounds) {
  if (m.failed() || !m.is_real(c.in[0])) return;
  const bool inner = c.in[0].channels_inner;
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(ops::mul, {m.held(c.in[0], inner), m.to.scalar_constant(1.f)}, {y}, std::move(bounds));
  m.give(c, y, inner);
}
inline void unary(emitter& m, call& c, const op_def& op, attributes a = {}) {
  if (m.failed() || !m.is_real(c.in[0])) return;
  const bool inner = c.in[0].channels_inner;
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(op, {m.held(c.in[0], inner)}, {y}, std::move(a));
  m.give(c, y, inner);
}
inline void clip_row(emitter& m, call& c) {
  if (!m.arity(c, 1)) return;
  attributes a;
  a.set("float_lo", static_cast<double>(m.real(c.node.attributes, "a_min", 0)));
  a.set("float_hi", static_cast<double>(m.real(c.node.attributes, "a_max", 0)));
  bounded(m, c, std::move(a));
}
inline void activation_row(emitter& m, call& c) {
  if (!m.arity(c, 1)) return;
  const auto kind = m.text(c.node.attributes, "act_type", "");
  if (kind == "relu") return bounded(m, c, float_bounds(true, HUGE_VALF));
  if (kind == "sigmoid") return unary(m, c, ops::logistic);
  if (kind == "tanh") return unary(m, c, ops::tanh);
  m.refuse("act_type", std::string(kind), "relu, sigmoid, tanh");
}
/// x > 0 ? x : slope * x with one slope, or one per channel.
inline void slopes(emitter& m, call& c) {
  if (!m.arity(c, 2) || !m.is_real(c.in[0]) || !m.is_real(c.in[1])) return;
  const dims x = m.shape(c.in[0]), slope = m.shape(c.in[1]);
  if (x.rank < 2 || slope.rank != 1 || (slope[0] != 1 && slope[0] != x[1]))
    return m.broken("shape of the slopes", to_string(slope), "one, or one per channel");
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(ops::prelu, {m.held(c.in[0], true), m.held(c.in[1], false)}, {y});
  m.give(c, y, true);
}
inline void leaky_row(emitter& m, call& c) {
  const auto kind = m.text(c.node.attributes, "act_type", "leaky");
  if (kind == "prelu") return slopes(m, c);
  if (!m.arity(c, 1)) return;
  const float slope = m.real(c.node.attributes, "slope", 0.25f);
  attributes a;
  if (kind == "gelu") return unary(m, c, ops::gelu);
  a.set("alpha", static_cast<double>(slope));
  if (kind == "elu") return unary(m, c, ops::elu, std::move(a));
  if (kind != "leaky") m.refuse("act_type", std::string(kind), "leaky, prelu, elu, gelu");
  unary(m, c, ops::leaky_relu, std::move(a));
}
inline void relu_row(emitter& m, call& c) {
  if (m.arity(c, 1)) bounded(m, c, float_bounds(true, HUGE_VALF));
}
inline void sigmoid_row(emitter& m, call& c) {
  if (m.arity(c, 1)) unary(m, c, ops::logistic);
}
inline void tanh_row(emitter& m, call& c) {
  if (m.arity(c, 1)) unary(m, c, ops::tanh);
}
/// Statistics as constants: y = x * factor + offset.
inline void norm_row(emitter& m, call& c) {
  if (!m.arity(c, 5) || !m.is_real(c.in[0])) return;
  const symbol_attributes& a = c.node.attributes;
  const dims shape = m.shape(c.in[0]);
  if (const std::int64_t axis = m.integer(a, "axis", 1); axis != 1)
    m.refuse("axis", std::to_string(axis), "1");
  if (!m.failed() && shape.rank < 2) m.broken("rank", std::to_string(shape.rank));
  if (m.failed()) return;
  const auto n = read_norm(m, a, c, 1, as_size(shape[1]), {});
  if (m.failed()) return;
  const tensor_id scaled = m.to.temporary("", dtype::f32), y = m.to.temporary("", dtype::f32);
  m.emit(ops::mul, {m.held(c.in[0], true), m.to.constant(n.factor)}, {scaled});
  m.emit(ops::add, {scaled, m.to.constant(n.offset)}, {y});
  m.give(c, y, true);
}
/// Of SoftmaxOutput, whose second input is the label of training, too.
inline void softmax_row(emitter& m, call& c) {
  if (c.in.empty() || !m.is_real(c.in[0])) return m.broken("number of inputs");
  const int rank = m.shape(c.in[0]).rank;
  const bool output = c.node.op == "SoftmaxOutput" || c.node.op == "Softmax";
  if (m.text(c.node.attributes, "temperature", "None") != "None" ||
      m.boolean(c.node.attributes, "use_length", false) ||
      m.boolean(c.node.attributes, "multi_output", false))
    m.refuse("temperature, use_length and multi_output");
  std::int64_t axis = m.integer(c.node.attributes, "axis", -1);
  if (output && rank != 2) m.refuse("rank of a SoftmaxOutput", std::to_string(rank), "2");
  if (axis < 0) axis += rank;
  if (!m.failed() && (axis < 0 || axis >= rank)) m.broken("axis", std::to_string(axis));
  if (m.failed()) return;
  attributes a;
  a.set("axis", axis);
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(ops::softmax, {m.held(c.in[0], false)}, {y}, std::move(a));
  m.give(c, y, false);
}

// ---- shapes ----

inline tensor_id flattened(emitter& m, tensor_id x) {
  if (m.failed()) return no_tensor;
  const dims s = m.to.g[x].shape;
  if (s.rank < 1) {
    m.broken("rank", "0");
    return no_tensor;
  }
  std::int64_t rest = 1;
  for (int i = 1; i < s.rank; ++i) rest *= s[i];
  attributes a;
  a.set("shape", std::vector<std::int64_t>{s[0], rest});
  const tensor_id y = m.to.like(x);
  m.emit(ops::reshape, {x}, {y}, std::move(a));
  return y;
}
inline void quantized_flatten_row(emitter& m, call& c) {
  if (!m.arity(c, 3)) return;
  const range r = m.range_at(c, 1);
  m.give(c, flattened(m, m.with_range(c.in[0], false, r)), false, r);
}
inline void flatten_row(emitter& m, call& c) {
  if (!m.arity(c, 1)) return;
  m.give(c, flattened(m, m.held(c.in[0], false)), false);
}
inline void same_row(emitter& m, call& c) {
  if (m.arity(c, 1)) c.out = {c.in[0]};
}
inline void dropout_row(emitter& m, call& c) {
  if (const auto mode = m.text(c.node.attributes, "mode", "training"); mode != "training")
    m.refuse("mode", std::string(mode), "training: nothing is dropped when a network runs");
  if (!m.failed()) same_row(m, c);
}
inline void pad_row(emitter& m, call& c) {
  if (!m.arity(c, 1) || !m.is_real(c.in[0])) return;
  const auto mode = m.text(c.node.attributes, "mode", "constant");
  if (mode != "constant" && mode != "reflect")
    m.refuse("mode", std::string(mode), "constant, reflect");
  const auto widths = m.integers(c.node.attributes, "pad_width");
  const value& x = c.in[0];
  const int rank = m.shape(x).rank;
  if (!m.failed() && widths.size() != 2 * as_size(rank))
    m.broken("pad_width", std::to_string(widths.size()) + " numbers", std::to_string(2 * rank));
  if (m.failed()) return;
  std::vector<std::int64_t> paddings(widths.size());
  for (int i = 0; i < rank; ++i) {
    const auto to = as_size(import::axis_in_layout(i, rank, x.channels_inner)), from = as_size(i);
    paddings[2 * to] = widths[2 * from], paddings[2 * to + 1] = widths[2 * from + 1];
  }
  attributes a;
  a.set("paddings", std::move(paddings));
  const bool reflect = mode == "reflect";
  if (reflect)
    a.set("mode", static_cast<std::int64_t>(pad_mode::reflect));
  else if (const float v = m.real(c.node.attributes, "constant_value", 0); v != 0)
    a.set("value", static_cast<double>(v));
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(reflect ? ops::mirror_pad : ops::pad, {m.held(x, x.channels_inner)}, {y}, std::move(a));
  m.give(c, y, x.channels_inner);
}

}  // namespace mxnet_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_ROWS_VALUES_HPP_

OCTET_NAMESPACE_BEGIN
namespace mxnet_model::rows {

// ---- floats ----

enum class shapes : std::uint8_t { same, broadcast };
/// Turned: the second operand stands first in the graph. Of equals (-0 and 0) octet's maximum and
/// minimum give the first operand, MXNet's the second.
enum class sides : std::uint8_t { as_written, turned };

/// float32, float32 -> float32: of one shape, or broadcast from the last axis on.
template <const op_def& Op, shapes Shapes, sides Sides = sides::as_written>
void binary_row(emitter& m, call& c) {
  if (!m.arity(c, 2) || !m.is_real(c.in[0]) || !m.is_real(c.in[1])) return;
  const dims a = m.shape(c.in[0]), b = m.shape(c.in[1]);
  if (Shapes == shapes::same && !(a == b))
    return m.broken("shapes of the operands", to_string(a) + ", " + to_string(b), "one shape");
  const bool inner = a.rank == b.rank && common_layout(m, c, 2);
  std::vector<tensor_id> in{m.held(c.in[0], inner), m.held(c.in[1], inner)};
  if (Sides == sides::turned) std::swap(in[0], in[1]);
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(Op, std::move(in), {y});
  m.give(c, y, inner);
}
/// float32 of any shape and the attribute "scalar", which MXNet reads in binary64 and rounds once.
template <const op_def& Op, sides Sides = sides::as_written> void scalar_row(emitter& m, call& c) {
  if (!m.arity(c, 1) || !m.is_real(c.in[0])) return;
  const auto number = static_cast<float>(m.wide_real(c.node.attributes, "scalar", 1));
  if (!m.failed() && !numerics::is_finite(number))
    m.broken("attribute scalar", std::string(m.text(c.node.attributes, "scalar", "")),
             "a number of float32");
  if (m.failed()) return;
  const bool inner = c.in[0].channels_inner;
  std::vector<tensor_id> in{m.held(c.in[0], inner), m.to.scalar_constant(number)};
  if (Sides == sides::turned) std::swap(in[0], in[1]);
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(Op, std::move(in), {y});
  m.give(c, y, inner);
}

// ---- products of int8 ----

/// The codes of an int8 value as int32.
inline tensor_id codes(emitter& m, const value& v, bool channels_inner) {
  const tensor_id x = m.held(v, channels_inner), y = m.to.temporary("", dtype::s32);
  m.emit(ops::cast, {x}, {y});
  return y;
}
/// int32 times a factor, as float32.
inline tensor_id scaled(emitter& m, tensor_id x, float factor) {
  const tensor_id real = m.to.temporary("", dtype::f32), y = m.to.temporary("", dtype::f32);
  m.emit(ops::cast, {x}, {real});
  m.emit(ops::mul, {real, m.to.scalar_constant(factor)}, {y});
  return y;
}
/// int8 codes by truncation; what does not fit wraps.
inline tensor_id truncated(emitter& m, tensor_id x) {
  const tensor_id whole = m.to.temporary("", dtype::s32), y = m.to.temporary("", dtype::s8);
  m.emit(ops::cast, {x}, {whole});
  m.emit(ops::cast, {whole}, {y});
  return y;
}
/// a, b, then the ranges of both; int8 of one shape. Calibrated: int8. With enable_float_output:
/// float32. Otherwise int32, whose range is the product's.
inline void quantized_product_row(emitter& m, call& c) {
  if (!m.arity(c, 6)) return;
  const range ra = m.range_at(c, 2), rb = m.range_at(c, 4);
  const auto calibrated = m.calibration(c.node.attributes);
  const bool real = m.boolean(c.node.attributes, "enable_float_output", false);
  for (std::size_t i = 0; i < 2; ++i)
    if (m.type(c.in[i]) != dtype::s8)
      m.refuse("an input", std::string(name_of(m.type(c.in[i]))), "int8");
  if (!m.failed() && !(ra.largest() > 0 && rb.largest() > 0)) m.broken("a range of 0");
  if (m.failed()) return;
  if (!(m.shape(c.in[0]) == m.shape(c.in[1])))
    return m.broken("shapes of a product",
                    to_string(m.shape(c.in[0])) + ", " + to_string(m.shape(c.in[1])), "one shape");
  const bool inner = common_layout(m, c, 2);
  const float la = m.per_unit(dtype::s8, ra.largest()), lb = m.per_unit(dtype::s8, rb.largest());
  range out;
  float factor = 1;
  if (real) {
    factor = static_cast<float>(
        numerics::div(numerics::div(1., static_cast<double>(la)), static_cast<double>(lb)));
  } else if (calibrated) {
    out = *calibrated;
    if (!(out.largest() > 0)) return m.broken("a range of 0");
    factor = numerics::div(numerics::div(m.per_unit(dtype::s8, out.largest()), la), lb);
  } else {
    out = accumulator_range(numerics::div(ra.largest(), 127.f), numerics::div(rb.largest(), 127.f));
  }
  const bool holds = numerics::is_finite(out.hi) && (real || out.largest() > 0) && factor > 0 &&
                     numerics::mul(factor, 0x1p14f) < 0x1p31f;
  if (!holds) return m.broken("ranges whose quotient is " + std::to_string(factor));
  const bool whole = !real && !calibrated;
  const tensor_id a = codes(m, c.in[0], inner), b = codes(m, c.in[1], inner),
                  product = whole ? m.to.temporary("", dtype::s32, {out.hi * 0x1p-31}, {0})
                                  : m.to.temporary("", dtype::s32);
  m.emit(ops::mul, {a, b}, {product});
  if (whole) return m.give(c, product, inner, out);
  const tensor_id y = scaled(m, product, factor);
  if (real) return m.give(c, y, inner);
  const tensor_id bytes = m.alias(truncated(m, y), {m.step(dtype::s8, out.largest())}, {0});
  m.give(c, bytes, inner, out);
}

// ---- rows of a table ----

/// Indices are floats: truncated, and bounded by the table.
inline tensor_id looked_up(emitter& m, const call& c, tensor_id table) {
  if (m.failed() || !m.is_real(c.in[0])) return no_tensor;
  const dims w = m.to.g[table].shape;
  const symbol_attributes& a = c.node.attributes;
  if (w.rank != 2 || w.elements().value == 0)
    m.broken("shape of the weights", to_string(w), "[rows, columns]");
  else if (m.integer(a, "input_dim", w[0]) != w[0] || m.integer(a, "output_dim", w[1]) != w[1])
    m.broken("shape of the weights", to_string(w), "[input_dim, output_dim]");
  if (m.failed()) return no_tensor;
  const tensor_id index = m.to.temporary("", dtype::s32), from_0 = m.to.temporary("", dtype::s32),
                  y = m.to.like(table);
  m.emit(ops::cast, {m.held(c.in[0], false)}, {index});
  m.emit(ops::maximum, {index, m.to.scalar_constant(std::int32_t{0})}, {from_0});
  m.emit(ops::gather, {table, from_0}, {y});  // bounds the index from above
  return y;
}
/// float32 indices [...] and a table [rows, columns] -> float32 [..., columns].
inline void embedding_row(emitter& m, call& c) {
  if (!m.arity(c, 2) || !m.is_real(c.in[1])) return;
  m.give(c, looked_up(m, c, m.held(c.in[1], false)), false);
}
/// The same of an int8 table, and its range.
inline void quantized_embedding_row(emitter& m, call& c) {
  if (!m.arity(c, 4)) return;
  if (m.type(c.in[1]) != dtype::s8)
    m.refuse("weights", std::string(name_of(m.type(c.in[1]))), "int8");
  const range r = m.range_at(c, 2);
  m.give(c, looked_up(m, c, m.with_range(c.in[1], false, r)), false, r);
}

}  // namespace mxnet_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_ROWS_ELEMENTWISE_HPP_
// ---- octet/import/mxnet/rows_reduce.hpp
// Rows that sum or compare along axes.
#ifndef OCTET_IMPORT_MXNET_ROWS_REDUCE_HPP_
#define OCTET_IMPORT_MXNET_ROWS_REDUCE_HPP_

#include <algorithm>

// ---- octet/import/mxnet/rows_shapes.hpp
// Rows that move values: reshapes, orders of axes, slices. They take any element type and keep its
// scale.
#ifndef OCTET_IMPORT_MXNET_ROWS_SHAPES_HPP_
#define OCTET_IMPORT_MXNET_ROWS_SHAPES_HPP_

#include <algorithm>
#include <numeric>


OCTET_NAMESPACE_BEGIN
namespace mxnet_model::rows {

// ---- reshapes ----

/// The same elements, in MXNet's order, under another shape.
inline void give_reshaped(emitter& m, call& c, const std::vector<std::int64_t>& extents) {
  const tensor_id x = m.held(c.in[0], false);
  if (m.failed()) return;
  if (extents.size() > as_size(dims::max_rank))
    return m.refuse("rank", std::to_string(extents.size()),
                    "at most " + std::to_string(dims::max_rank));
  dims shape;
  std::size_t count = 1;
  for (std::int64_t v : extents) {
    if (v < 0 || v > INT32_MAX) return m.broken("an extent of the new shape", std::to_string(v));
    shape.push_back(static_cast<std::int32_t>(v));
    count = saturating_mul(count, as_size(v));
  }
  const dims from = m.to.g[x].shape;
  if (count != from.elements().value)
    return m.broken("shape", to_string(shape), "the elements of " + to_string(from));
  const tensor_id y = m.to.like(x);
  m.reshape_to(x, y, shape);
  m.give(c, y, false);
}
/// What the codes of a Reshape make of a shape, code by code from the left: 0 keeps an extent, -1
/// takes what is left, -2 all other extents, -3 the product of two, -4 splits one by the two codes
/// after it. Errors: codes that do not fit the shape.
class reshape_codes {
 public:
  reshape_codes(emitter& m, std::vector<std::int64_t> codes, std::vector<std::int64_t> from)
      : m_(m), codes_(std::move(codes)), from_(std::move(from)) {}

  std::vector<std::int64_t> run() {
    for (std::size_t i = 0; i < codes_.size() && !m_.failed(); ++i) {
      const std::int64_t code = codes_[i];
      if (code == -4) {
        split(i);
        i += 2;
      } else {
        one(code);
      }
    }
    if (!m_.failed() && open_ != none) fill();
    return std::move(to_);
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  void wrong(const std::string& why) {
    m_.broken("attribute shape", why, "codes that fit the input's shape");
  }
  /// The next extent of the input.
  std::int64_t next() {
    if (at_ < from_.size()) return from_[at_++];
    wrong("a code for an axis that the input does not have");
    return 0;
  }
  void one(std::int64_t code) {
    if (code == -2) {
      while (at_ < from_.size()) to_.push_back(from_[at_++]);
    } else if (code == -3) {
      const std::int64_t a = next(), b = next();
      to_.push_back(a * b);
    } else if (code == 0) {
      to_.push_back(next());
    } else if (code == -1 && open_ != none) {
      wrong("two codes -1");
    } else if (code < -1) {
      wrong("code " + std::to_string(code));
    } else {
      if (code == -1) open_ = to_.size();
      to_.push_back(code == -1 ? 1 : code);
      ++at_;
    }
  }
  void split(std::size_t i) {
    if (i + 2 >= codes_.size()) return wrong("code -4 without two codes after it");
    const std::int64_t whole = next();
    std::int64_t a = codes_[i + 1], b = codes_[i + 2];
    if (m_.failed()) return;
    if (a == -1 && b > 0) a = whole / b;
    if (b == -1 && a > 0) b = whole / a;
    const bool fits = a > 0 && b > 0 && a <= whole && whole % a == 0 && whole / a == b;
    if (!fits)
      return wrong("code -4 of " + std::to_string(codes_[i + 1]) + " and " +
                   std::to_string(codes_[i + 2]) + " for an extent of " + std::to_string(whole));
    to_.push_back(a);
    to_.push_back(b);
  }
  void fill() {
    std::size_t all = 1, known = 1;
    for (std::int64_t v : from_) all = saturating_mul(all, as_size(v));
    for (std::int64_t v : to_) known = saturating_mul(known, as_size(v));
    if (known == 0 || all % known != 0) return wrong("a code -1 that nothing is left for");
    to_[open_] = static_cast<std::int64_t>(all / known);
  }

  emitter& m_;
  std::vector<std::int64_t> codes_, from_, to_;
  std::size_t at_ = 0, open_ = none;  // next axis of the input; where -1 stands
};
inline void reshape_row(emitter& m, call& c) {
  if (!m.arity(c, 1)) return;
  auto codes = m.integers(c.node.attributes, "shape");
  const bool reverse = m.boolean(c.node.attributes, "reverse", false);
  if (codes.empty() && !m.failed())
    m.refuse("a reshape without attribute shape", {}, "shape in place of target_shape");
  if (m.failed()) return;
  const dims x = m.shape(c.in[0]);
  std::vector<std::int64_t> from(x.begin(), x.end());
  if (reverse) {
    std::reverse(codes.begin(), codes.end());
    std::reverse(from.begin(), from.end());
  }
  auto to = reshape_codes(m, std::move(codes), std::move(from)).run();
  if (m.failed()) return;
  if (reverse) std::reverse(to.begin(), to.end());
  give_reshaped(m, c, to);
}
inline void expand_dims_row(emitter& m, call& c) {
  if (!m.arity(c, 1)) return;
  const dims x = m.shape(c.in[0]);
  if (!c.node.attributes.contains("axis")) m.broken("attribute axis is missing");
  const int axis = m.axis("axis", m.integer(c.node.attributes, "axis", 0), x.rank + 1);
  if (m.failed()) return;
  std::vector<std::int64_t> to(x.begin(), x.end());
  to.insert(to.begin() + axis, 1);
  give_reshaped(m, c, to);
}
/// Without the axes named, whose extents are 1, or without all of extent 1. One axis stays.
inline void squeeze_row(emitter& m, call& c) {
  if (!m.arity(c, 1)) return;
  const dims x = m.shape(c.in[0]);
  const auto axes = m.axes(c.node.attributes, "axis", x.rank);
  const bool named = m.text(c.node.attributes, "axis", "None") != "None";
  if (m.failed()) return;
  std::vector<std::int64_t> to;
  for (int i = 0; i < x.rank; ++i) {
    const bool gone = named ? std::find(axes.begin(), axes.end(), i) != axes.end() : x[i] == 1;
    if (gone && x[i] != 1)
      return m.broken("extent of axis " + std::to_string(i), std::to_string(x[i]), "1");
    if (!gone) to.push_back(x[i]);
  }
  if (to.empty()) to.push_back(1);
  give_reshaped(m, c, to);
}

// ---- orders of axes ----

/// Axis i of the result is axis order[i] of the input. Where the layout has that order already,
/// nothing moves.
inline void give_transposed(emitter& m, call& c, const std::vector<int>& order) {
  const value& v = c.in[0];
  const tensor_id x = m.held(v, v.channels_inner);
  if (m.failed()) return;
  const int rank = m.to.g[x].shape.rank;
  std::vector<std::int64_t> perm;
  for (int axis : order) perm.push_back(import::axis_in_layout(axis, rank, v.channels_inner));
  if (std::is_sorted(perm.begin(), perm.end())) return m.give(c, x, false);
  attributes a;
  a.set("perm", std::move(perm));
  const tensor_id y = m.to.like(x);
  m.emit(ops::transpose, {x}, {y}, std::move(a));
  m.give(c, y, false);
}
inline std::vector<int> axes_in_order(int rank) {
  std::vector<int> list(as_size(rank));
  std::iota(list.begin(), list.end(), 0);
  return list;
}
inline void transpose_row(emitter& m, call& c) {
  if (!m.arity(c, 1)) return;
  const int rank = m.shape(c.in[0]).rank;
  auto order = m.axes(c.node.attributes, "axes", rank);
  if (m.failed()) return;
  if (order.empty()) {
    order = axes_in_order(rank);
    std::reverse(order.begin(), order.end());
  }
  if (order.size() != as_size(rank))
    return m.broken("attribute axes", std::to_string(order.size()) + " axes", std::to_string(rank));
  give_transposed(m, c, order);
}
inline void swap_axes_row(emitter& m, call& c) {
  if (!m.arity(c, 1)) return;
  const symbol_attributes& a = c.node.attributes;
  const int rank = m.shape(c.in[0]).rank, first = m.axis("dim1", m.integer(a, "dim1", 0), rank),
            second = m.axis("dim2", m.integer(a, "dim2", 0), rank);
  if (m.failed()) return;
  auto order = axes_in_order(rank);
  std::swap(order[as_size(first)], order[as_size(second)]);
  give_transposed(m, c, order);
}

// ---- slices ----

/// Of one axis: `count` elements from `begin` on, `step` apart.
struct cut {
  std::int64_t begin = 0, step = 1, count = 0;
};
/// One cut for each of MXNet's axes.
inline void give_slice(emitter& m, call& c, const std::vector<cut>& cuts) {
  const value& v = c.in[0];
  const tensor_id x = m.held(v, v.channels_inner);
  if (m.failed()) return;
  const int rank = m.to.g[x].shape.rank;
  std::vector<std::int64_t> begin(cuts.size()), end(cuts.size()), strides(cuts.size());
  std::int64_t to_the_first = 0;
  for (int i = 0; i < rank; ++i) {
    const cut& k = cuts[as_size(i)];
    const int at = import::axis_in_layout(i, rank, v.channels_inner);
    const std::int64_t last = k.begin + (k.count - 1) * k.step,
                       after = last + (k.step < 0 ? -1 : 1);
    begin[as_size(at)] = k.begin, strides[as_size(at)] = k.step;
    end[as_size(at)] = std::max<std::int64_t>(after, 0);
    if (after < 0) to_the_first |= std::int64_t{1} << at;
  }
  attributes a;
  a.set("begin", std::move(begin));
  a.set("end", std::move(end));
  a.set("strides", std::move(strides));
  if (to_the_first != 0) a.set("end_mask", to_the_first);
  const tensor_id y = m.to.like(x);
  m.emit(ops::strided_slice, {x}, {y}, std::move(a));
  m.give(c, y, v.channels_inner);
}
inline std::vector<cut> whole_cuts(const dims& x) {
  std::vector<cut> cuts;
  for (std::int32_t extent : x) cuts.push_back({0, 1, extent});
  return cuts;
}
inline void slice_axis_row(emitter& m, call& c) {
  if (!m.arity(c, 1)) return;
  const symbol_attributes& a = c.node.attributes;
  const dims x = m.shape(c.in[0]);
  for (const char* key : {"axis", "begin"})
    if (!a.contains(key)) m.broken("attribute " + std::string(key) + " is missing");
  const int axis = m.axis("axis", m.integer(a, "axis", 0), x.rank);
  const bool open = m.text(a, "end", "None") == "None";
  std::int64_t begin = m.integer(a, "begin", 0), end = open ? 0 : m.integer(a, "end", 0);
  if (m.failed()) return;
  const std::int64_t extent = x[axis];
  if (begin < 0) begin += extent;
  if (open)
    end = extent;
  else if (end < 0)
    end += extent;
  if (begin < 0 || end > extent || begin >= end)
    return m.broken(
        "begin and end",
        std::string(m.text(a, "begin", "")) + ", " + std::string(m.text(a, "end", "None")),
        "a part of " + std::to_string(extent));
  auto cuts = whole_cuts(x);
  cuts[as_size(axis)] = {begin, 1, end - begin};
  give_slice(m, c, cuts);
}
/// Python's slice of an axis; ends outside are bounded. Its count is 0 where it takes nothing.
inline cut cut_of(std::int64_t extent, integer_or_none begin, integer_or_none end,
                  std::int64_t step) {
  const bool back = step < 0;
  std::int64_t from = begin.value_or(back ? extent - 1 : 0);
  if (from < 0) from += extent;
  from = back ? std::min(from, extent - 1) : std::max<std::int64_t>(from, 0);
  std::int64_t to = end.value_or(back ? -1 : extent);
  if (end && to < 0) to += extent;
  to = std::clamp<std::int64_t>(to, -1, extent);
  if (from < 0 || from >= extent || (back ? to >= from : to <= from)) return {};
  step = std::clamp<std::int64_t>(step, -extent, extent);
  return {from, step, (back ? from - to - 1 : to - from - 1) / (back ? -step : step) + 1};
}
inline void slice_row(emitter& m, call& c) {
  if (!m.arity(c, 1)) return;
  const symbol_attributes& a = c.node.attributes;
  const dims x = m.shape(c.in[0]);
  const auto begin = m.integers_or_none(a, "begin"), end = m.integers_or_none(a, "end"),
             step = m.integers_or_none(a, "step");
  if (m.failed()) return;
  if (begin.empty() || begin.size() > as_size(x.rank) || end.size() != begin.size() ||
      (!step.empty() && step.size() != begin.size()))
    return m.broken("attributes begin, end and step",
                    std::to_string(begin.size()) + ", " + std::to_string(end.size()) + ", " +
                        std::to_string(step.size()) + " numbers",
                    "1 to " + std::to_string(x.rank) + " each");
  auto cuts = whole_cuts(x);
  for (std::size_t i = 0; i < begin.size(); ++i) {
    const std::int64_t pace = step.empty() ? 1 : step[i].value_or(1);
    if (pace == 0) return m.broken("attribute step", "0");
    cuts[i] = cut_of(x[static_cast<int>(i)], begin[i], end[i], pace);
    if (cuts[i].count == 0)
      return m.broken("a slice of axis " + std::to_string(i) + " that takes nothing");
  }
  give_slice(m, c, cuts);
}

}  // namespace mxnet_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_ROWS_SHAPES_HPP_

OCTET_NAMESPACE_BEGIN
namespace mxnet_model::rows {

/// Which of MXNet's axes a reduction takes: those that "axis" names, with "exclude" the others, and
/// all where it names none.
inline std::vector<bool> reduced_axes(emitter& m, const symbol_attributes& a, int rank) {
  const auto named = m.axes(a, "axis", rank);
  const bool exclude = m.boolean(a, "exclude", false);
  std::vector<bool> gone(as_size(rank), named.empty() || exclude);
  for (int axis : named) gone[as_size(axis)] = !exclude;
  return gone;
}
/// Sums go over the axes in MXNet's order: in the other layout only where the channels are not
/// among several that are summed.
inline bool keeps_order(const std::vector<bool>& gone) {
  return !gone[1] || std::count(gone.begin() + 2, gone.end(), true) == 0;
}
/// float32 -> float32. A result without axes has one, of extent 1.
template <const op_def& Op> void reduce_row(emitter& m, call& c) {
  if (!m.arity(c, 1) || !m.is_real(c.in[0])) return;
  const symbol_attributes& attrs = c.node.attributes;
  const value& v = c.in[0];
  const dims x = m.shape(v);
  const auto gone = reduced_axes(m, attrs, x.rank);
  const bool keep = m.boolean(attrs, "keepdims", false);
  if (m.failed()) return;
  const bool inner = v.channels_inner && x.rank > 2 && keeps_order(gone) && (keep || !gone[0]);
  std::vector<std::int64_t> axes;
  for (int i = 0; i < x.rank; ++i)
    if (gone[as_size(i)]) axes.push_back(import::axis_in_layout(i, x.rank, inner));
  const bool all = axes.size() == gone.size();
  if (axes.empty()) return same_row(m, c);
  attributes a;
  a.set("axes", std::move(axes));
  if (keep || all) a.set("keep_dims", std::int64_t{1});
  const tensor_id y = m.to.temporary("", dtype::f32);
  m.emit(Op, {m.held(v, inner)}, {y}, std::move(a));
  if (m.failed() || keep || !all) return m.give(c, y, inner && (keep || !gone[1]));
  const tensor_id one = m.to.temporary("", dtype::f32);
  m.reshape_to(y, one, dims{1});
  m.give(c, one, false);
}
/// x / sqrt(eps + x0 * x0 + x1 * x1 ...), one sum after the other, over the axis `axis` of x.
inline tensor_id divided_by_length(emitter& m, tensor_id x, int axis, float eps) {
  const auto result = [&] { return m.to.temporary("", dtype::f32); };
  const tensor_id squares = result(), all = result(), sum = result(), length = result(),
                  y = result();
  m.emit(ops::mul, {x, x}, {squares});
  std::vector<std::int64_t> paddings(2 * as_size(m.failed() ? 0 : m.to.g[x].shape.rank));
  if (m.failed()) return no_tensor;
  paddings[2 * as_size(axis)] = 1;
  attributes before, along;
  before.set("paddings", std::move(paddings));
  before.set("value", static_cast<double>(eps));
  m.emit(ops::pad, {squares}, {all}, std::move(before));
  along.set("axes", std::vector<std::int64_t>{axis});
  along.set("keep_dims", std::int64_t{1});
  along.set("in_order", std::int64_t{1});
  m.emit(ops::sum, {all}, {sum}, std::move(along));
  m.emit(ops::sqrt, {sum}, {length});
  m.emit(ops::div, {x, length}, {y});
  return y;
}
/// float32 -> float32: each instance, the channels of each pixel, or the pixels of each channel
/// divided by their length.
inline void l2_normalization_row(emitter& m, call& c) {
  if (!m.arity(c, 1) || !m.is_real(c.in[0])) return;
  const auto mode = m.text(c.node.attributes, "mode", "instance");
  const bool channels = mode == "channel", pixels = mode == "spatial";
  if (!channels && !pixels && mode != "instance")
    m.refuse("mode", std::string(mode), "instance, channel, spatial");
  const float eps = m.real(c.node.attributes, "eps", 1e-10f);
  const value& v = c.in[0];
  const dims x = m.shape(v);
  if (!m.failed() && x.rank < (mode == "instance" ? 2 : 3))
    m.broken("rank", std::to_string(x.rank),
             "at least " + std::string(channels || pixels ? "3" : "2"));
  if (m.failed()) return;
  if (channels) {
    const bool inner = v.channels_inner;
    const tensor_id y =
        divided_by_length(m, m.held(v, inner), import::axis_in_layout(1, x.rank, inner), eps);
    return m.give(c, y, inner);
  }
  const tensor_id from = m.held(v, false), rows = m.to.temporary("", dtype::f32),
                  y = m.to.temporary("", dtype::f32);
  if (m.failed()) return;
  std::int64_t rest = 1;
  for (int i = pixels ? 2 : 1; i < x.rank; ++i) rest *= x[i];
  if (rest > INT32_MAX) return m.broken("elements of a row", std::to_string(rest));
  const auto length = static_cast<std::int32_t>(rest);
  m.reshape_to(from, rows, pixels ? dims{x[0], x[1], length} : dims{x[0], length});
  m.reshape_to(divided_by_length(m, rows, pixels ? 2 : 1, eps), y, x);
  m.give(c, y, false);
}

}  // namespace mxnet_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_ROWS_REDUCE_HPP_

OCTET_NAMESPACE_BEGIN
namespace mxnet_model {

/// Names that MXNet changed stand in one row each.
inline constexpr mxnet_row mxnet_rows[] = {
    {"_contrib_quantize_v2", &rows::quantize_row},
    {"_contrib_quantize", &rows::quantize_by_inputs_row, 1},
    {"_contrib_dequantize", &rows::dequantize_row, 1},
    {"_contrib_requantize", &rows::requantize_row, 1},
    {"_sg_mkldnn_conv", &rows::fused_convolution_row, 1},
    {"_sg_onednn_conv", &rows::fused_convolution_row, 1},
    {"_sg_mkldnn_fully_connected", &rows::fused_matrix_row, 1},
    {"_sg_onednn_fully_connected", &rows::fused_matrix_row, 1},
    {"_contrib_quantized_conv", &rows::quantized_convolution_row, 1},
    {"_contrib_quantized_fully_connected", &rows::quantized_matrix_row, 1},
    {"_contrib_quantized_elemwise_add", &rows::quantized_sum_row, 2},
    {"_contrib_quantized_npi_add", &rows::quantized_sum_row, 2},
    {"_contrib_quantized_elemwise_mul", &rows::quantized_product_row, 2},
    {"_contrib_quantized_embedding", &rows::quantized_embedding_row, 1},
    {"_contrib_quantized_concat", &rows::quantized_concat_row},
    {"_contrib_quantized_pooling", &rows::pooling_row<true>, 1},
    {"_contrib_quantized_act", &rows::quantized_activation_row, 1},
    {"_contrib_quantized_flatten", &rows::quantized_flatten_row, 1},
    {"_contrib_quantized_batch_norm", &rows::quantized_norm_row, 1},

    {"Convolution", &rows::convolution_row, 1},
    {"FullyConnected", &rows::fully_connected_row, 1},
    {"Pooling", &rows::pooling_row<false>},
    {"BatchNorm", &rows::norm_row, 1},
    {"Activation", &rows::activation_row},
    {"LeakyReLU", &rows::leaky_row, 1},
    {"clip", &rows::clip_row},
    {"relu", &rows::relu_row},
    {"sigmoid", &rows::sigmoid_row},
    {"tanh", &rows::tanh_row},
    {"softmax", &rows::softmax_row},
    {"SoftmaxOutput", &rows::softmax_row},
    {"L2Normalization", &rows::l2_normalization_row},
    {"Embedding", &rows::embedding_row, 1},
    {"Concat", &rows::concat_row},

    {"elemwise_add", &rows::binary_row<ops::add, rows::shapes::same>},
    {"_add", &rows::binary_row<ops::add, rows::shapes::same>},
    {"_plus", &rows::binary_row<ops::add, rows::shapes::same>},
    {"_Plus", &rows::binary_row<ops::add, rows::shapes::same>},
    {"broadcast_add", &rows::binary_row<ops::add, rows::shapes::broadcast>},
    {"broadcast_plus", &rows::binary_row<ops::add, rows::shapes::broadcast>},
    {"elemwise_sub", &rows::binary_row<ops::sub, rows::shapes::same>},
    {"_sub", &rows::binary_row<ops::sub, rows::shapes::same>},
    {"_minus", &rows::binary_row<ops::sub, rows::shapes::same>},
    {"_Minus", &rows::binary_row<ops::sub, rows::shapes::same>},
    {"broadcast_sub", &rows::binary_row<ops::sub, rows::shapes::broadcast>},
    {"broadcast_minus", &rows::binary_row<ops::sub, rows::shapes::broadcast>},
    {"elemwise_mul", &rows::binary_row<ops::mul, rows::shapes::same>},
    {"_mul", &rows::binary_row<ops::mul, rows::shapes::same>},
    {"_Mul", &rows::binary_row<ops::mul, rows::shapes::same>},
    {"broadcast_mul", &rows::binary_row<ops::mul, rows::shapes::broadcast>},
    {"elemwise_div", &rows::binary_row<ops::div, rows::shapes::same>},
    {"_div", &rows::binary_row<ops::div, rows::shapes::same>},
    {"_Div", &rows::binary_row<ops::div, rows::shapes::same>},
    {"broadcast_div", &rows::binary_row<ops::div, rows::shapes::broadcast>},
    {"_maximum", &rows::binary_row<ops::maximum, rows::shapes::same, rows::sides::turned>},
    {"_Maximum", &rows::binary_row<ops::maximum, rows::shapes::same, rows::sides::turned>},
    {"broadcast_maximum",
     &rows::binary_row<ops::maximum, rows::shapes::broadcast, rows::sides::turned>},
    {"_minimum", &rows::binary_row<ops::minimum, rows::shapes::same, rows::sides::turned>},
    {"_Minimum", &rows::binary_row<ops::minimum, rows::shapes::same, rows::sides::turned>},
    {"broadcast_minimum",
     &rows::binary_row<ops::minimum, rows::shapes::broadcast, rows::sides::turned>},
    {"_plus_scalar", &rows::scalar_row<ops::add>},
    {"_PlusScalar", &rows::scalar_row<ops::add>},
    {"_minus_scalar", &rows::scalar_row<ops::sub>},
    {"_MinusScalar", &rows::scalar_row<ops::sub>},
    {"_rminus_scalar", &rows::scalar_row<ops::sub, rows::sides::turned>},
    {"_RMinusScalar", &rows::scalar_row<ops::sub, rows::sides::turned>},
    {"_mul_scalar", &rows::scalar_row<ops::mul>},
    {"_MulScalar", &rows::scalar_row<ops::mul>},
    {"_div_scalar", &rows::scalar_row<ops::div>},
    {"_DivScalar", &rows::scalar_row<ops::div>},
    {"_rdiv_scalar", &rows::scalar_row<ops::div, rows::sides::turned>},
    {"_RDivScalar", &rows::scalar_row<ops::div, rows::sides::turned>},
    {"_maximum_scalar", &rows::scalar_row<ops::maximum, rows::sides::turned>},
    {"_MaximumScalar", &rows::scalar_row<ops::maximum, rows::sides::turned>},
    {"_minimum_scalar", &rows::scalar_row<ops::minimum, rows::sides::turned>},
    {"_MinimumScalar", &rows::scalar_row<ops::minimum, rows::sides::turned>},
    {"_power_scalar", &rows::scalar_row<ops::pow>},
    {"_PowerScalar", &rows::scalar_row<ops::pow>},

    {"mean", &rows::reduce_row<ops::mean>},
    {"sum", &rows::reduce_row<ops::sum>},
    {"sum_axis", &rows::reduce_row<ops::sum>},
    {"max", &rows::reduce_row<ops::reduce_max>},
    {"max_axis", &rows::reduce_row<ops::reduce_max>},
    {"min", &rows::reduce_row<ops::reduce_min>},
    {"min_axis", &rows::reduce_row<ops::reduce_min>},

    {"Flatten", &rows::flatten_row},
    {"flatten", &rows::flatten_row},
    {"Reshape", &rows::reshape_row},
    {"reshape", &rows::reshape_row},
    {"expand_dims", &rows::expand_dims_row},
    {"squeeze", &rows::squeeze_row},
    {"transpose", &rows::transpose_row},
    {"SwapAxis", &rows::swap_axes_row},
    {"swapaxes", &rows::swap_axes_row},
    {"slice", &rows::slice_row},
    {"crop", &rows::slice_row},
    {"slice_axis", &rows::slice_axis_row},
    {"Pad", &rows::pad_row},
    {"pad", &rows::pad_row},
    {"Dropout", &rows::dropout_row},
    {"_copy", &rows::same_row},
    {"identity", &rows::same_row},
    {"BlockGrad", &rows::same_row},
    {"stop_gradient", &rows::same_row},
};
inline const mxnet_row* find_row(std::string_view name) {
  for (const mxnet_row& r : mxnet_rows)
    if (r.name == name) return &r;
  return nullptr;
}

}  // namespace mxnet_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_ROWS_HPP_

OCTET_NAMESPACE_BEGIN
namespace mxnet_model {

class loader {
 public:
  loader(const symbol& s, const params& p, const std::string& file,
         const import::mxnet_options& options, std::size_t file_bytes,
         import::first_constants& kept)
      : symbol_(s),
        params_(p),
        options_(options),
        builder_(file, law::mxnet, options.max, file_bytes),
        emit_(builder_, options.version != 0 ? options.version : s.version) {
    place_.file = file;
    builder_.kept = &kept;
  }

  result<graph> run() {
    mark_needed();
    if (auto s = check_operators(); !s) return place_.attach(s.error());
    if (auto s = variables(); !s) return place_.attach(s.error());
    for (std::size_t i = 0; i < symbol_.nodes.size(); ++i) {
      const symbol_node& n = symbol_.nodes[i];
      if (n.variable() || !needed_[i]) continue;
      if (auto s = node(i); !s) {
        place_.node = n.op + " " + n.name;
        return place_.attach(s.error());
      }
    }
    for (std::size_t k = 0; k < symbol_.heads.size(); ++k)
      if (auto s = head(symbol_.heads[k]); !s) {
        place_.node = "output " + std::to_string(k);
        return place_.attach(s.error());
      }
    auto g = builder_.finish();
    if (!g) return place_.attach(g.error());
    return g;
  }

 private:
  /// Inputs that no result depends on: the labels of training.
  static bool reads(const symbol_node& n, std::size_t input) {
    return input == 0 || n.op != "SoftmaxOutput";
  }
  void mark_needed() {
    needed_.assign(symbol_.nodes.size(), false);
    for (const symbol_entry& e : symbol_.heads) needed_[as_size(e.node)] = true;
    for (std::size_t i = symbol_.nodes.size(); i-- > 0;) {
      const symbol_node& n = symbol_.nodes[i];
      if (!needed_[i]) continue;
      for (std::size_t k = 0; k < n.inputs.size(); ++k)
        if (reads(n, k)) needed_[as_size(n.inputs[k].node)] = true;
    }
  }
  status check_operators() const {
    import::missing_operators missing;
    for (std::size_t i = 0; i < symbol_.nodes.size(); ++i) {
      const symbol_node& n = symbol_.nodes[i];
      if (needed_[i] && !n.variable() && !find_row(n.op)) missing.add(n.op, n.name);
    }
    return missing.check();
  }

  /// For each variable the first node that reads it where parameters stand; null: none does.
  std::vector<const symbol_node*> readers_of_parameters() const {
    std::vector<const symbol_node*> list(symbol_.nodes.size(), nullptr);
    for (std::size_t i = 0; i < symbol_.nodes.size(); ++i) {
      const symbol_node& n = symbol_.nodes[i];
      if (n.variable() || !needed_[i]) continue;
      for (std::size_t k = find_row(n.op)->data_inputs; k < n.inputs.size(); ++k)
        if (const symbol_node*& reader = list[as_size(n.inputs[k].node)]; !reader) reader = &n;
    }
    return list;
  }
  /// A parameter that is missing should not be taken for an input, unless the caller means it.
  status check_is_input(const std::string& name, const symbol_node* reader) const {
    if (!reader) return unit{};
    for (const auto& [given, shape] : options_.shapes)
      if (given == name) return unit{};
    error_info e = invalid(
        "the file of parameters has no array of this name: is it this network's "
        "(--params)?");
    e.node = reader->op + " " + reader->name;
    e.tensor = name;
    return e;
  }
  /// Parameters become values; variables that the file has no parameter for are the inputs.
  status variables() {
    results_.resize(symbol_.nodes.size());
    std::vector<bool> used(options_.shapes.size(), false);
    std::size_t in_order = 0;
    const auto readers = readers_of_parameters();
    for (std::size_t i = 0; i < symbol_.nodes.size(); ++i) {
      const symbol_node& n = symbol_.nodes[i];
      if (!n.variable() || !needed_[i]) continue;
      if (const params_array* data = params_.find(n.name)) {
        value v;
        v.what = value::kind::parameter;
        v.data = data;
        v.name = n.name;
        results_[i] = {v};
        continue;
      }
      if (auto s = check_is_input(n.name, readers[i]); !s) return s;
      auto shape = input_shape(n, used, in_order);
      if (!shape) return shape.error();
      if (const auto t = n.attributes.find("__dtype__");
          t != n.attributes.end() && t->second != "0" && t->second != "-1")
        return unsupported("element type of input \"" + n.name + "\"", t->second, "0, float32");
      octet::tensor t;
      t.name = n.name;
      t.shape = *shape;
      const auto id = builder_.input(std::move(t));
      if (!id) return id.error();
      results_[i] = {value::of(*id, false)};
    }
    for (std::size_t s = 0; s < used.size(); ++s)
      if (!used[s])
        return invalid("a shape is given for an input that does not exist",
                       options_.shapes[s].first);
    return unit{};
  }
  result<dims> input_shape(const symbol_node& n, std::vector<bool>& used, std::size_t& in_order) {
    for (std::size_t s = 0; s < options_.shapes.size(); ++s)
      if (!options_.shapes[s].first.empty() && options_.shapes[s].first == n.name) {
        used[s] = true;
        return options_.shapes[s].second;
      }
    for (; in_order < options_.shapes.size(); ++in_order)
      if (options_.shapes[in_order].first.empty()) {
        used[in_order] = true;
        return options_.shapes[in_order++].second;
      }
    if (const auto it = n.attributes.find("__shape__"); it != n.attributes.end()) {
      const auto extents = integers_in(it->second);
      bool known = extents && !extents->empty() && extents->size() <= dims::max_rank;
      for (std::size_t k = 0; known && k < extents->size(); ++k)
        known = (*extents)[k] > 0 && (*extents)[k] <= INT32_MAX;
      if (known) {
        dims d;
        for (std::int64_t v : *extents) d.push_back(static_cast<std::int32_t>(v));
        return d;
      }
    }
    error_info e = invalid("the file does not record the shape of input \"" + n.name +
                           "\": give it, for example --shape " + n.name + "=1,3,224,224");
    e.tensor = n.name;
    return e;
  }

  status node(std::size_t i) {
    const symbol_node& n = symbol_.nodes[i];
    call c{n, {}};
    for (const symbol_entry& e : n.inputs) {
      auto v = entry(e);
      if (!v) return v.error();
      // Many nodes may read one parameter with a long name.
      if (auto s = builder_.work.spend(1 + v->name.size()); !s) return s;
      c.in.push_back(std::move(*v));
    }
    builder_.enter(n.op + " " + n.name);
    find_row(n.op)->emit(emit_, c);
    if (emit_.failed()) return emit_.error();
    for (std::size_t k = 0; k < c.out.size(); ++k)
      if (c.out[k].is(value::kind::tensor)) {
        octet::tensor& t = builder_.g[c.out[k].id];
        if (t.name.empty()) t.name = n.name;
      }
    results_[i] = std::move(c.out);
    return unit{};
  }
  /// A value that nobody needs (the label of training) has no result.
  result<value> entry(const symbol_entry& e) const {
    const auto at = as_size(e.node), k = as_size(e.output);
    if (!needed_[at]) return value{};
    if (k >= results_[at].size())
      return import::malformed(
          "output " + std::to_string(e.output) + " of node " + symbol_.nodes[at].name, {},
          std::to_string(results_[at].size()) + " outputs");
    return results_[at][k];
  }

  /// Outputs leave in MXNet's order of axes; ends of ranges as tensors of one element.
  status head(const symbol_entry& e) {
    auto v = entry(e);
    if (!v) return v.error();
    const symbol_node& n = symbol_.nodes[as_size(e.node)];
    tensor_id id = no_tensor;
    if (v->is(value::kind::number)) {
      id = builder_.constant(std::vector<float>{v->number},
                             n.name + (e.output == 1 ? "/min" : "/max"));
    } else {
      builder_.enter("output " + n.name);
      id = emit_.held(*v, false);
      if (emit_.failed()) return emit_.error();
    }
    builder_.g.outputs.push_back(id);
    return unit{};
  }

  const symbol& symbol_;
  const params& params_;
  const import::mxnet_options& options_;
  import::error_place place_;
  import::graph_builder builder_;
  emitter emit_;
  std::vector<bool> needed_;
  std::vector<std::vector<value>> results_;
};

}  // namespace mxnet_model

namespace import {
namespace detail {

inline error_info in_file(error_info e, const std::string& file) {
  error_place place;
  place.file = file;
  return place.attach(std::move(e));
}
struct mxnet_source {
  std::shared_ptr<const mxnet_model::symbol> symbol;
  std::shared_ptr<const mxnet_model::params> params;
  std::shared_ptr<const void> params_file;  // whose bytes they are
  std::string name;
  mxnet_options options;
  std::size_t bytes;  // of both files

  result<graph> graph_for(const named_shapes& shapes, first_constants& kept) {
    options.shapes = shapes;
    return mxnet_model::loader(*symbol, *params, name, options, bytes, kept).run();
  }
};
inline result<graph> load_mxnet(std::span<const std::byte> symbol_text,
                                const file_bytes& params_file, const std::string& symbol_name,
                                const std::string& params_name, const mxnet_options& options) {
  auto s = mxnet_model::read_symbol(symbol_text, options.max);
  if (!s) return in_file(s.error(), symbol_name);
  auto p = mxnet_model::read_params(params_file.bytes, options.max);
  if (!p) return in_file(p.error(), params_name);
  if (p->names.empty() && !p->arrays.empty())
    return in_file(unsupported("arrays without names"), params_name);
  return load_from(
      mxnet_source{std::make_shared<mxnet_model::symbol>(std::move(*s)),
                   std::make_shared<mxnet_model::params>(std::move(*p)), params_file.owner,
                   symbol_name, options, symbol_text.size() + params_file.bytes.size()},
      options.shapes);
}

}  // namespace detail

OCTET_INLINE result<graph> try_mxnet(const std::string& path, const mxnet_options& options) {
  constexpr std::string_view ending = "-symbol.json";
  std::string params = options.params;
  if (params.empty()) {
    if (!path.ends_with(ending))
      return detail::in_file(
          unsupported("a symbol file's name", path,
                      "NAME-symbol.json, or --params for the file of parameters"),
          path);
    params = path.substr(0, path.size() - ending.size()) + "-0000.params";
  }
  auto symbol = read_file(path, options.max);
  if (!symbol) return symbol.error();
  auto arrays = map_file(params, options.max);
  if (!arrays) {
    error_info e = arrays.error();
    if (options.params.empty()) e.supported = "--params for another file of parameters";
    return e;
  }
  return with_memory_errors(
      path, [&] { return detail::load_mxnet(symbol->bytes, *arrays, path, params, options); });
}
OCTET_INLINE result<graph> try_mxnet(std::span<const std::byte> symbol,
                                     std::span<const std::byte> params, const std::string& name,
                                     const mxnet_options& options) {
  return with_memory_errors(name, [&] {
    return detail::load_mxnet(symbol, from_memory(name, params), name, name, options);
  });
}

OCTET_INLINE std::vector<std::string> mxnet_operators() {
  std::vector<std::string> list;
  for (const mxnet_model::mxnet_row& r : mxnet_model::mxnet_rows) list.emplace_back(r.name);
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_LOADER_HPP_
#endif

#endif  // OCTET_IMPORT_MXNET_HPP_
#endif  // OCTET_SINGLE_HPP_
