// octet 0.1.0: octet/import/onnx.hpp for the single header, which it includes. Made by single_include/amalgamate.py; do not edit.
// Needs octet.hpp beside it and protozero (headers only).
// SPDX-License-Identifier: Apache-2.0
#if !defined(OCTET_SINGLE_FILE)
#define OCTET_SINGLE_FILE "octet.hpp"
#endif
#include OCTET_SINGLE_FILE
#if defined(OCTET_SINGLE_HPP_)
// Loader for ONNX networks (NAME.onnx), quantized operators and Q/DQ graphs, computed as ONNX
// Runtime does. Needs protozero, and exceptions, where its definitions are compiled:
// octet::compiled has them, if it was there.
#ifndef OCTET_IMPORT_ONNX_HPP_
#define OCTET_IMPORT_ONNX_HPP_

#include <string>
#include <vector>

// ---- octet/import/onnx/options.hpp
// Options of the ONNX loader.
#ifndef OCTET_IMPORT_ONNX_OPTIONS_HPP_
#define OCTET_IMPORT_ONNX_OPTIONS_HPP_

#include <string>
#include <utility>
#include <vector>


OCTET_NAMESPACE_BEGIN
namespace import {

struct onnx_options {
  /// Shapes of inputs in ONNX's order of axes (NCHW), by name; an empty name stands for the next
  /// input. Needed where the file leaves extents open (symbolic dimensions); extents that the file
  /// fixes must be equal. Open extents of one name are one number: of inputs `ids` [batch, seq] and
  /// `mask` [batch, seq] one needs a shape, and two that contradict each other are an error.
  std::vector<std::pair<std::string, dims>> shapes{};
  /// The graph as the file writes it: no operator is fused with others, DequantizeLinear and
  /// QuantizeLinear stay nodes. ONNX Runtime's results with all its optimizations disabled, which
  /// differ from those at its default level.
  bool as_written = false;
  /// `shapes` are those of arrays to run on, which may hold several runs along a first axis that
  /// the file fixes: its extent is then the file's.
  bool only_open_extents = false;
  limits max{};
};

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_OPTIONS_HPP_

OCTET_NAMESPACE_BEGIN
namespace import {

/// Reads a network into a graph. Weights that the file keeps in other files (external data) must
/// lie in its own folder. Errors name file, node, what was found and what is supported.
result<graph> try_onnx(const std::string& path, const onnx_options& options = {});
/// The same from bytes in memory (copied), which must hold all weights; `name` stands for the file
/// in messages.
result<graph> try_onnx(std::span<const std::byte> bytes, const std::string& name,
                       const onnx_options& options = {});
/// What the loader takes, sorted: operators, with their domain in front where it is not ONNX's own:
/// "com.microsoft::QLinearAdd".
std::vector<std::string> onnx_operators();
#if defined(__cpp_exceptions)
inline graph onnx(const std::string& path, const onnx_options& options = {}) {
  return value_or_throw(try_onnx(path, options));
}
#endif

}  // namespace import
OCTET_NAMESPACE_END

#if OCTET_HAS_IMPORT_DEFINITIONS
// ---- octet/import/onnx/loader.hpp
// The ONNX loader: from a model to a graph. NCHW networks become NHWC graphs.
#ifndef OCTET_IMPORT_ONNX_LOADER_HPP_
#define OCTET_IMPORT_ONNX_LOADER_HPP_

#include <algorithm>

// ---- octet/import/onnx/blocks.hpp
// Which float images ONNX Runtime 1.32 holds in blocks of channels (its NchwcTransformer, the last
// of its graph passes), and which images of codes channels last (its NhwcTransformer, before it).
// What is exact stays as it is; means of images and BatchNormalization round otherwise in blocks,
// linear Resize of codes where channels are last.
#ifndef OCTET_IMPORT_ONNX_BLOCKS_HPP_
#define OCTET_IMPORT_ONNX_BLOCKS_HPP_

#include <algorithm>

// ---- octet/import/onnx/rows_values.hpp
// Rows without weights: quantize, dequantize, sums, products, concatenation, resizing, functions of
// one value, reductions.
#ifndef OCTET_IMPORT_ONNX_ROWS_VALUES_HPP_
#define OCTET_IMPORT_ONNX_ROWS_VALUES_HPP_

#include <algorithm>

// ---- octet/import/onnx/rows_pools.hpp
// Rows of pools: the largest and the averages of windows of rows, images and volumes.
#ifndef OCTET_IMPORT_ONNX_ROWS_POOLS_HPP_
#define OCTET_IMPORT_ONNX_ROWS_POOLS_HPP_

#include <algorithm>

// ---- octet/import/onnx/rows_layers.hpp
// Rows with weights: convolutions and matrix products, quantized, as integers, and of floats.
#ifndef OCTET_IMPORT_ONNX_ROWS_LAYERS_HPP_
#define OCTET_IMPORT_ONNX_ROWS_LAYERS_HPP_

// ---- octet/import/onnx/rows_shape.hpp
// Rows that move elements or compute shapes.
#ifndef OCTET_IMPORT_ONNX_ROWS_SHAPE_HPP_
#define OCTET_IMPORT_ONNX_ROWS_SHAPE_HPP_

#include <algorithm>

// ---- octet/import/onnx/emit.hpp
// What the rows of the ONNX loader work with: values of the file's graph, attributes of a node,
// scales and zero points.
#ifndef OCTET_IMPORT_ONNX_EMIT_HPP_
#define OCTET_IMPORT_ONNX_EMIT_HPP_

#include <cmath>
#include <functional>
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
// ---- octet/import/onnx/model.hpp
// What an ONNX file holds, as plain structs: nodes, constants, inputs and outputs.
#ifndef OCTET_IMPORT_ONNX_MODEL_HPP_
#define OCTET_IMPORT_ONNX_MODEL_HPP_

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>


OCTET_NAMESPACE_BEGIN
namespace onnx_model {

/// Of operators that ONNX Runtime adds.
inline constexpr std::string_view microsoft_domain = "com.microsoft";

/// Element i of 8, 4 or 2 bits of those that begin at byte `first`: the file has the first in the
/// lowest bits of a byte.
inline std::uint8_t few_bits(std::span<const std::byte> bytes, std::size_t first, std::size_t i,
                             int bits) {
  const std::size_t bit = i * static_cast<std::size_t>(bits);
  const auto byte = std::to_integer<unsigned>(bytes[first + bit / 8]);
  return static_cast<std::uint8_t>((byte >> (bit % 8)) & ((1u << bits) - 1));
}
/// A tensor with its elements, in ONNX's order of axes.
struct array {
  dtype type = dtype::f32;
  dims shape{};
  constant_data data{};
  int narrow_bits = 0;  // 4 or 2: what the file's elements have, each of which is a byte here

  std::size_t elements() const { return shape.elements().value; }
  /// Elements of its own type T.
  template <class T> std::span<const T> as() const {
    return {reinterpret_cast<const T*>(data.bytes.data()), data.bytes.size() / sizeof(T)};
  }
  template <class T> static array of(std::span<const T> values, dims s) {
    return {dtype_of<T>, s, constant_data::of(values)};
  }
};

struct graph_part;
/// The newest opset of ai.onnx whose changes to the operators are known.
inline constexpr std::int64_t newest_opset = 28;

enum class attribute_kind : std::uint8_t {
  none,
  real,
  integer,
  text,
  tensor,
  graph,
  reals,
  integers,
  texts
};
constexpr std::string_view name_of(attribute_kind k) noexcept {
  switch (k) {
    case attribute_kind::none: return "nothing";
    case attribute_kind::real: return "a number";
    case attribute_kind::integer: return "an integer";
    case attribute_kind::text: return "a text";
    case attribute_kind::tensor: return "a tensor";
    case attribute_kind::graph: return "a graph";
    case attribute_kind::reals: return "a list of numbers";
    case attribute_kind::integers: return "a list of integers";
    case attribute_kind::texts: return "a list of texts";
  }
  return no_enumerator;
}

/// One attribute; which members count is the operator's business.
struct attribute {
  std::optional<float> real;
  std::optional<std::int64_t> integer;
  std::optional<std::string> text;
  std::optional<array> tensor;
  std::vector<float> reals;
  std::vector<std::int64_t> integers;
  std::vector<std::string> texts;
  std::shared_ptr<const graph_part> graph;
  bool unread = false;  // a list of graphs or tensors, a type
  /// In a function's body: the name of the call's attribute that stands here.
  std::string of_call;

  /// What it holds. Empty lists hold nothing.
  attribute_kind kind() const noexcept {
    return real                ? attribute_kind::real
           : integer           ? attribute_kind::integer
           : text              ? attribute_kind::text
           : tensor            ? attribute_kind::tensor
           : graph             ? attribute_kind::graph
           : !reals.empty()    ? attribute_kind::reals
           : !integers.empty() ? attribute_kind::integers
           : !texts.empty()    ? attribute_kind::texts
                               : attribute_kind::none;
  }
  bool may_be(attribute_kind k) const noexcept {
    return kind() == k || kind() == attribute_kind::none;
  }
};

/// Attributes that are of one kind whatever the operator is.
struct attribute_row {
  std::string_view name;
  attribute_kind kind;
};
inline constexpr attribute_row attribute_rows[] = {
    {"alpha", attribute_kind::real},
    {"auto_pad", attribute_kind::text},
    {"axes", attribute_kind::integers},
    {"axis", attribute_kind::integer},
    {"beta", attribute_kind::real},
    {"block_size", attribute_kind::integer},
    {"blocksize", attribute_kind::integer},
    {"ceil_mode", attribute_kind::integer},
    {"coordinate_transformation_mode", attribute_kind::text},
    {"count_include_pad", attribute_kind::integer},
    {"dilations", attribute_kind::integers},
    {"direction", attribute_kind::text},
    {"epsilon", attribute_kind::real},
    {"equation", attribute_kind::text},
    {"group", attribute_kind::integer},
    {"keepdims", attribute_kind::integer},
    {"kernel_shape", attribute_kind::integers},
    {"mode", attribute_kind::text},
    {"nearest_mode", attribute_kind::text},
    {"noop_with_empty_axes", attribute_kind::integer},
    {"output_dtype", attribute_kind::integer},
    {"output_padding", attribute_kind::integers},
    {"pads", attribute_kind::integers},
    {"perm", attribute_kind::integers},
    {"strides", attribute_kind::integers},
    {"transA", attribute_kind::integer},
    {"transB", attribute_kind::integer},
};

struct node {
  std::string op, domain, name;      // domain: empty for ai.onnx
  std::string overload;              // of a function
  std::vector<std::string> in, out;  // empty: absent
  std::map<std::string, attribute, std::less<>> attributes;
  /// Values of the graph around it that its subgraphs read: its last inputs.
  std::vector<std::string> captures;
  /// Why ONNX Runtime computes this node of a Q/DQ graph in float; empty: nothing is said.
  std::string kept_float;

  bool is(std::string_view o, std::string_view d = {}) const { return op == o && domain == d; }
  const attribute* find(std::string_view key) const {
    const auto it = attributes.find(key);
    return it == attributes.end() ? nullptr : &it->second;
  }
  std::int64_t integer(std::string_view key, std::int64_t otherwise) const {
    const attribute* a = find(key);
    return a ? a->integer.value_or(otherwise) : otherwise;
  }
  std::string text(std::string_view key, std::string otherwise) const {
    const attribute* a = find(key);
    return a ? a->text.value_or(std::move(otherwise)) : otherwise;
  }
  /// Input i, or empty where it is not given.
  const std::string& input(std::size_t i) const {
    static const std::string none;
    return i < in.size() ? in[i] : none;
  }
};

/// An input or output of the graph. Extents below 0 are open.
struct value_info {
  std::string name;
  std::optional<dtype> type;
  std::string type_name;  // as ONNX spells it
  bool has_shape = false;
  std::vector<std::int64_t> extents;
  std::vector<std::string> symbols;  // of open extents
  bool dequantized = false;          // of a subgraph: a value around it that DequantizeLinear gives
};

/// A graph, the model's own or an attribute's.
struct graph_part {
  std::vector<node> nodes;
  std::map<std::string, array> constants;
  std::vector<value_info> inputs, outputs;
  std::vector<value_info> between;  // shapes that the file says of other values
};
/// A function of the model's own: nodes that stand where it is called.
struct function {
  std::string name, domain, overload;
  std::vector<std::string> in, out;
  std::map<std::string, attribute, std::less<>> defaults;  // attributes that a call may leave out
  std::vector<node> nodes;
  std::int64_t opset = 0;  // of domain ai.onnx; 0: not said
};
struct model : graph_part {
  std::int64_t ir_version = 0, opset = 0;  // opset: of domain ai.onnx
  std::vector<function> functions;
};
/// Names that a graph reads and nothing in it gives, each once.
inline std::vector<std::string> free_names(const graph_part& g) {
  std::set<std::string_view> given{""};
  for (const value_info& v : g.inputs) given.insert(v.name);
  for (const auto& [name, a] : g.constants) given.insert(name);
  for (const node& n : g.nodes) given.insert(n.out.begin(), n.out.end());
  std::vector<std::string> list;
  const auto look = [&](const std::string& name) {
    if (given.insert(name).second) list.push_back(name);
  };
  for (const node& n : g.nodes)
    for (const std::string& name : n.in) look(name);
  for (const value_info& v : g.outputs) look(v.name);
  return list;
}
/// Makes what a node's graphs read from around them its last inputs.
inline void find_captures(node& n) {
  n.in.resize(n.in.size() - n.captures.size());
  n.captures.clear();
  std::set<std::string> once;
  for (const auto& [key, a] : n.attributes)
    if (a.graph)
      for (std::string& name : free_names(*a.graph))
        if (once.insert(name).second) n.captures.push_back(std::move(name));
  n.in.insert(n.in.end(), n.captures.begin(), n.captures.end());
}

/// TensorProto.DataType.
struct data_type_row {
  std::int32_t code;
  const char* name;
  std::optional<dtype> type;
};
inline constexpr data_type_row data_types[] = {
    {1, "FLOAT", dtype::f32},    {2, "UINT8", dtype::u8},
    {3, "INT8", dtype::s8},      {4, "UINT16", dtype::u16},
    {5, "INT16", dtype::s16},    {6, "INT32", dtype::s32},
    {7, "INT64", dtype::s64},    {8, "STRING", {}},
    {9, "BOOL", dtype::boolean}, {10, "FLOAT16", dtype::f16},
    {11, "DOUBLE", dtype::f64},  {12, "UINT32", dtype::u32},
    {13, "UINT64", dtype::u64},  {14, "COMPLEX64", {}},
    {15, "COMPLEX128", {}},      {16, "BFLOAT16", {}},
    {17, "FLOAT8E4M3FN", {}},    {18, "FLOAT8E4M3FNUZ", {}},
    {19, "FLOAT8E5M2", {}},      {20, "FLOAT8E5M2FNUZ", {}},
    {21, "UINT4", {}},           {22, "INT4", {}},
    {23, "FLOAT4E2M1", {}},      {24, "FLOAT8E8M0", {}},
    {25, "UINT2", {}},           {26, "INT2", {}},
};
/// What an attribute holds that names no type.
inline constexpr std::int64_t undefined_data_type = 0;
/// The code of a type by ONNX's name; another name does not compile.
consteval std::int64_t data_type_code(std::string_view name) {
  std::size_t row = 0;
  while (name != data_types[row].name) ++row;
  return data_types[row].code;
}
inline const data_type_row* find_data_type(std::int64_t code) {
  for (const data_type_row& r : data_types)
    if (r.code == code) return &r;
  return nullptr;
}
inline std::string data_type_name(std::int64_t code) {
  const data_type_row* r = find_data_type(code);
  return r ? r->name : "type " + std::to_string(code);
}
/// Elements that share a byte in the file: how many bits each has, and the type they are read as.
struct narrow_type {
  std::int64_t code;
  int bits;
  dtype type;
};
inline constexpr narrow_type narrow_types[] = {{data_type_code("UINT4"), 4, dtype::u8},
                                               {data_type_code("INT4"), 4, dtype::s8},
                                               {data_type_code("UINT2"), 2, dtype::u8},
                                               {data_type_code("INT2"), 2, dtype::s8}};
inline const narrow_type* find_narrow_type(std::int64_t code) {
  for (const narrow_type& t : narrow_types)
    if (t.code == code) return &t;
  return nullptr;
}
/// octet's element type, or an error that names ONNX's.
inline result<dtype> element_type(std::int64_t code, const std::string& of) {
  const data_type_row* r = find_data_type(code);
  if (r && r->type) return *r->type;
  return unsupported("element type of " + of, data_type_name(code),
                     "float, double, float16, integers of 8 to 64 bits, bool");
}

inline bool is_quantize(const node& n) {
  return n.op == "QuantizeLinear" && (n.domain.empty() || n.domain == microsoft_domain);
}
inline bool is_dequantize(const node& n) {
  return n.op == "DequantizeLinear" && (n.domain.empty() || n.domain == microsoft_domain);
}

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_MODEL_HPP_

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

/// How a float16 value is there. ONNX Runtime's CPU computes in float32 and inserts casts; where
/// one of two casts that follow one another is its own, both go, and nothing is rounded between.
enum class half : std::uint8_t {
  no,        // any other type, or a float16 tensor
  computed,  // float32 numbers of an operator without a float16 kernel
  cast       // float32 numbers that the file casts
};
/// How ONNX Runtime holds a float image: blocks.hpp. The sums of some kernels follow it.
enum class channel_order : std::uint8_t {
  plain,    // as the file has it
  given,    // no node of the graph gives it: kernels of blocks take it
  blocked,  // in blocks of channels
  layer     // the same, a convolution's own result: its activation may become part of it
};
/// One value of the file's graph: an array of the file that no node has read yet, or a tensor.
struct value {
  tensor_id id = no_tensor;
  bool channels_inner = false;  // tensor: axis 1 is the last one in the IR
  const array* data = nullptr;
  std::string name;                                   // of the array
  std::shared_ptr<const std::vector<value>> items{};  // a sequence of values, nothing else
  half as_half = half::no;                            // not `no`: float16, rounded when it is held
  channel_order order = channel_order::plain;
  bool codes_last = false;  // codes that ONNX Runtime holds channels last: blocks.hpp

  static value of(tensor_id id, bool channels_inner = false) {
    value v;
    v.id = id;
    v.channels_inner = channels_inner;
    return v;
  }
  bool in_blocks() const noexcept {
    return order == channel_order::blocked || order == channel_order::layer;
  }
  bool given() const noexcept { return id != no_tensor || data != nullptr || items != nullptr; }
};

/// Scales and zero points as a node gives them; one, or one per index of `axis` (ONNX's).
struct quantization {
  std::vector<double> scales;
  std::vector<std::int32_t> zero_points;
  int axis = -1;
};

/// Tensors of a graph as a set.
class tensor_set {
 public:
  void insert(tensor_id t) {
    if (t < 0) return;
    if (as_size(t) >= in_.size()) in_.resize(as_size(t) + 1);
    in_[as_size(t)] = true;
  }
  bool contains(tensor_id t) const { return t >= 0 && as_size(t) < in_.size() && in_[as_size(t)]; }

 private:
  std::vector<bool> in_;
};

class emitter;
/// A node of the file while it is translated.
struct call {
  const node& n;
  std::vector<value> in;
  std::vector<value> out{};
  const value& input(std::size_t i) const {
    static const value none;
    return i < in.size() ? in[i] : none;
  }
  bool has(std::size_t i) const { return input(i).given(); }
};
struct onnx_row {
  std::string_view name, domain;
  void (*emit)(emitter&, call&);
  /// The opset of ai.onnx that brought the operator, or its rules for shapes that differ: ONNX
  /// Runtime knows none before.
  std::int64_t since = 1;
};

/// Rows call these.
class emitter : public import::row_emitter {
 public:
  emitter(import::graph_builder& b, std::int64_t opset_version)
      : row_emitter(b), opset(opset_version) {}
  const std::int64_t opset;  // NOLINT
  /// Runs the subgraphs of a node: the loader's.
  std::function<status(call&)> run_subgraphs;  // NOLINT
  /// Transposed constants: id + 1, by the constant.
  std::map<tensor_id, tensor_id> turned;  // NOLINT
  /// Matrices of uint8 ones, by rows and columns.
  std::map<std::pair<std::int32_t, std::int32_t>, tensor_id> ones;  // NOLINT

  // ---- attributes ----
  // Each gives `otherwise` where the node does not carry the key, and an error where it is of
  // another kind.
  void wrong_kind(const attribute& a, std::string_view key, attribute_kind wanted) {
    broken("attribute " + std::string(key), std::string(name_of(a.kind())),
           std::string(name_of(wanted)));
  }
  std::int64_t integer(const call& c, std::string_view key, std::int64_t otherwise) {
    const attribute* a = c.n.find(key);
    if (!a) return otherwise;
    if (!a->integer) wrong_kind(*a, key, attribute_kind::integer);
    return a->integer.value_or(otherwise);
  }
  float real(const call& c, std::string_view key, float otherwise) {
    const attribute* a = c.n.find(key);
    if (!a) return otherwise;
    if (!a->real) wrong_kind(*a, key, attribute_kind::real);
    const float v = a->real.value_or(otherwise);
    if (!numerics::is_finite(v)) broken("attribute " + std::string(key), std::to_string(v));
    return v;
  }
  std::string text(const call& c, std::string_view key, std::string otherwise) {
    const attribute* a = c.n.find(key);
    if (!a) return otherwise;
    if (!a->text) wrong_kind(*a, key, attribute_kind::text);
    return a->text.value_or(otherwise);
  }
  std::vector<std::int64_t> integers(const call& c, std::string_view key) {
    const attribute* a = c.n.find(key);
    if (!a) return {};
    if (!a->may_be(attribute_kind::integers)) wrong_kind(*a, key, attribute_kind::integers);
    return a->integers;
  }
  /// Between `least` and `most` inputs, the first `needed` of them given.
  bool arity(const call& c, std::size_t needed, std::size_t most) {
    if (failed()) return false;
    if (c.in.size() > most)
      broken("number of inputs", std::to_string(c.in.size()), "at most " + std::to_string(most));
    for (std::size_t i = 0; i < needed && !failed(); ++i)
      if (!c.has(i)) broken("input " + std::to_string(i), "absent", "a value");
    return !failed();
  }

  // ---- values ----
  /// The tensor of that number, to look at; of no_tensor, which is what there is after an error,
  /// one of extents of 1.
  const octet::tensor& tensor_of(tensor_id t) const {
    static const octet::tensor none = [] {
      octet::tensor n;
      n.shape = {1, 1, 1, 1, 1};
      return n;
    }();
    return t == no_tensor ? none : to.g[t];
  }
  dtype type(const value& v) const {
    if (v.as_half != half::no) return dtype::f16;
    return v.id != no_tensor ? to.g[v.id].type : v.data ? v.data->type : dtype::f32;
  }
  /// Extents in ONNX's order of axes.
  dims shape(const value& v) const {
    if (v.id == no_tensor) return v.data ? v.data->shape : dims{};
    return outer_shape(v.id, v.channels_inner);
  }
  int rank(const value& v) const { return shape(v).rank; }
  /// An axis that may be counted from the end; an error where there is none.
  int axis(std::int64_t a, int of_rank) {
    if (a < -of_rank || a >= of_rank) {
      broken("axis", std::to_string(a), "rank " + std::to_string(of_rank));
      return 0;
    }
    return static_cast<int>(a < 0 ? a + of_rank : a);
  }
  /// The same where the value is in the IR.
  std::int64_t axis_of(const value& v, int a) const {
    return import::axis_in_layout(a, rank(v), v.channels_inner);
  }
  /// The graph's tensor in the layout asked for.
  tensor_id held(const value& v, bool channels_inner) {
    if (failed() || !no_sequence(v)) return no_tensor;
    if (v.as_half != half::no)
      return held(value::of(once(rounded_, v.id, ops::cast, dtype::f16), v.channels_inner),
                  channels_inner);
    if (v.id == no_tensor && v.data) {
      auto& id = arrays_[v.data];
      if (id == 0) {
        if (!check(to.hold_constant(v.data->data.bytes.size()))) return no_tensor;
        id = to.g.add_constant(v.name, v.data->type, v.data->shape, v.data->data) + 1;
      }
      return held(value::of(id - 1), channels_inner);
    }
    if (v.id == no_tensor) {
      broken("an input that must be given");
      return no_tensor;
    }
    return in_layout(v.id, v.channels_inner, channels_inner);
  }
  /// In the layout it has.
  tensor_id held(const value& v) { return held(v, v.channels_inner); }
  /// float16 numbers as float32; `unrounded`: as they were before they became float16, where that
  /// is known. Other values are returned as they are.
  value as_float(const value& v, bool unrounded) {
    if (failed() || type(v) != dtype::f16) return v;
    if (unrounded && v.as_half != half::no) return value::of(v.id, v.channels_inner);
    const tensor_id x = held(v);
    return failed() ? v
                    : value::of(once(floats_, x, ops::dequantize, dtype::f32), v.channels_inner);
  }
  bool is_constant(const value& v) const {
    return v.data != nullptr || (v.id != no_tensor && to.g[v.id].role == tensor::kind::constant);
  }
  /// A constant's elements in ONNX's order; an error for values that are computed at run time.
  std::optional<array> constant(const value& v, const std::string& what) {
    if (failed() || !no_sequence(v)) return {};
    if (v.data) return *v.data;
    if (!is_constant(v)) {
      refuse(what + " that is computed at run time", {}, "constants");
      return {};
    }
    const tensor_id id = held(v, false);
    if (failed()) return {};
    return array{to.g[id].type, to.g[id].shape, to.g[id].data};
  }
  /// Constants of int32 or int64.
  std::vector<std::int64_t> constant_integers(const value& v, const std::string& what) {
    const auto a = constant(v, what);
    std::vector<std::int64_t> to_list;
    if (!a) return to_list;
    if (a->type == dtype::s64) {
      for (std::int64_t x : a->as<std::int64_t>()) to_list.push_back(x);
    } else if (a->type == dtype::s32) {
      for (std::int32_t x : a->as<std::int32_t>()) to_list.push_back(x);
    } else {
      broken("element type of " + what, std::string(name_of(a->type)), "int64");
    }
    return to_list;
  }
  std::vector<float> constant_floats(const value& v, const std::string& what) {
    const auto a = constant(v, what);
    if (!a) return {};
    if (a->type != dtype::f32) {
      refuse("element type of " + what, std::string(name_of(a->type)), "float32");
      return {};
    }
    const auto list = a->as<float>();
    for (float x : list)
      if (!numerics::is_finite(x)) {
        broken(what + " that is not finite");
        return {};
      }
    return {list.begin(), list.end()};
  }
  /// One number, in whatever shape.
  float constant_float(const value& v, const std::string& what) {
    const auto list = constant_floats(v, what);
    if (!failed() && list.size() != 1)
      broken("elements of " + what, std::to_string(list.size()), "1");
    return failed() ? 0.f : list[0];
  }
  /// Zero points: any 8- or 16-bit integers or int32.
  std::vector<std::int32_t> zero_points_of(const value& v) {
    std::vector<std::int32_t> z;
    const auto a = constant(v, "a zero point");
    if (!a) return z;
    const auto all = [&]<class T>(type_tag<T>) {
      for (T x : a->as<T>()) z.push_back(static_cast<std::int32_t>(x));
    };
    if (a->type == dtype::s64 || !with_integer(a->type, all))
      broken("element type of a zero point", std::string(name_of(a->type)));
    return z;
  }
  bool is_real(const value& v) {
    if (!v.given()) broken("an input", "absent", "float32");
    if (type(v) == dtype::f32) return !failed();
    refuse("an input", std::string(name_of(type(v))), "float32");
    return false;
  }
  bool is_byte(const value& v) {
    if (!v.given()) broken("an input", "absent", "uint8 or int8");
    if (is_8bit(type(v))) return true;
    refuse("an input", std::string(name_of(type(v))), "uint8 or int8");
    return false;
  }

  // ---- quantization ----
  /// Inputs i (scales) and i + 1 (zero points, may be absent: 0) of a node.
  quantization quantized_by(const call& c, std::size_t i, int quantized_axis = -1) {
    return quantized_by(c.input(i), c.input(i + 1), quantized_axis);
  }
  quantization quantized_by(const value& scale, const value& zero, int quantized_axis = -1) {
    quantization q;
    q.axis = quantized_axis;
    for (float s : constant_floats(scale, "a scale")) {
      if (!(s > 0)) broken("a scale", std::to_string(s), "a positive number");
      q.scales.push_back(static_cast<double>(s));
    }
    if (zero.given()) q.zero_points = zero_points_of(zero);
    if (failed()) return q;
    if (q.scales.empty()) broken("scales", "none");
    if (q.zero_points.empty()) q.zero_points.assign(1, 0);
    if (q.zero_points.size() != 1 && q.zero_points.size() != q.scales.size())
      broken("number of zero points", std::to_string(q.zero_points.size()),
             std::to_string(q.scales.size()));
    if (q.scales.size() == 1)
      q.axis = -1;
    else if (q.axis < 0)
      refuse("scales per channel here", std::to_string(q.scales.size()), "1");
    return q;
  }
  /// One scale for all.
  quantization with_one_scale(const call& c, std::size_t i) { return quantized_by(c, i); }
  void set(tensor_id t, const quantization& q, int ir_axis) {
    octet::tensor& own = to.g[t];
    own.scales = q.scales;
    own.zero_points = q.zero_points;
    own.axis = q.scales.size() > 1 ? ir_axis : -1;
  }
  /// A new tensor.
  tensor_id quantized(dtype t, const quantization& q, int ir_axis = -1) {
    const tensor_id id = to.temporary("", t);
    set(id, q, ir_axis);
    return id;
  }
  /// The value under a node's own scales: the tensor itself where it has the same or none that
  /// anybody has read, else an alias.
  tensor_id under(const value& v, bool channels_inner, const quantization& q) {
    const tensor_id t = held(v, channels_inner);
    if (failed()) return no_tensor;
    const int ir_axis =
        q.axis < 0 ? -1 : import::axis_in_layout(q.axis, to.g[t].shape.rank, channels_inner);
    octet::tensor& own = to.g[t];
    if (own.scales == q.scales && own.zero_points == q.zero_points && own.axis == ir_axis) return t;
    const bool unread = own.scales.empty() && !read_.contains(t) &&
                        (inputs_.contains(t) || own.role == tensor::kind::constant);
    read_.insert(t);
    if (unread) {
      set(t, q, ir_axis);
      return t;
    }
    return alias(t, q, ir_axis);
  }
  tensor_id alias(tensor_id t, const quantization& q, int ir_axis) {
    return row_emitter::alias(t, q.scales, q.zero_points, q.scales.size() > 1 ? ir_axis : -1);
  }
  void is_input(tensor_id t) { inputs_.insert(t); }

  // ---- nodes ----
  /// A constant that a row makes. A file must not make it do so with one large array in thousands
  /// of places.
  tensor_id new_constant(std::string name, dtype t, const dims& s,
                         std::span<const std::byte> bytes) {
    if (failed() || !check(to.make_constant(bytes.size()))) return no_tensor;
    return to.g.add_constant(std::move(name), t, s, constant_data::copy(bytes));
  }
  template <class T>
  tensor_id new_constant(std::string name, const dims& s, const std::vector<T>& list) {
    return new_constant(std::move(name), dtype_of<T>, s, std::as_bytes(std::span(list)));
  }
  /// A constant of equal elements; its size is looked at before memory for it is taken.
  template <class T> tensor_id filled(const dims& s, T value) {
    if (failed() || !check(verify_size(s, dtype_of<T>, to.max, "a constant"))) return no_tensor;
    return new_constant("", s, std::vector<T>(s.elements().value, value));
  }
  bool emit(const op_def& op, std::vector<tensor_id> in, std::vector<tensor_id> out,
            attributes a = {}) {
    if (failed()) return false;
    for (const tensor_id t : in) read_.insert(t);
    bool computed = &op == &ops::dequantize;
    if (computed && !to.g[in[0]].scales.empty()) from_codes_.insert(out[0]);
    for (const tensor_id t : in) computed |= dequantized_.contains(t);
    const std::vector<tensor_id> results = computed ? out : std::vector<tensor_id>();
    const bool done = row_emitter::emit(op, std::move(in), std::move(out), std::move(a));
    for (const tensor_id t : results)
      if (done && to.g[t].role == tensor::kind::constant) dequantized_.insert(t);
    return done;
  }
  /// A constant that follows from dequantized ones: ONNX Runtime computes it at every run.
  bool is_dequantized(tensor_id t) const { return dequantized_.contains(t); }
  /// The same of any other node's result.
  void computed_at_every_run(tensor_id t) {
    if (to.g[t].role == tensor::kind::constant) dequantized_.insert(t);
  }
  /// What dequantizes codes gave.
  bool is_from_codes(tensor_id t) const { return from_codes_.contains(t); }
  /// A node with one result of that type.
  tensor_id made(const op_def& op, std::vector<tensor_id> in, dtype t, attributes a = {}) {
    if (failed()) return no_tensor;
    const tensor_id y = to.temporary("", t);
    return emit(op, std::move(in), {y}, std::move(a)) ? y : no_tensor;
  }
  /// A node that moves the elements of one tensor: one scale goes with them.
  tensor_id moved(const op_def& op, tensor_id x, attributes a) {
    if (failed()) return no_tensor;
    const octet::tensor& t = to.g[x];
    const bool keeps = t.scales.size() <= 1;
    const tensor_id y = keeps ? to.like(x) : to.temporary("", t.type);
    return emit(op, {x}, {y}, std::move(a)) ? y : no_tensor;
  }
  /// The codes alone.
  tensor_id without_scales(tensor_id x) {
    return failed() || to.g[x].scales.empty() ? x : alias(x, {}, -1);
  }
  /// A node that puts elements of several tensors into one, as they are: where all have the same
  /// scale, it goes with them, else their codes alone do.
  tensor_id merged(const op_def& op, std::vector<tensor_id> in, attributes a = {},
                   std::size_t first = 0) {
    if (failed()) return no_tensor;
    const octet::tensor& t = to.g[in[first]];
    bool same = t.scales.size() <= 1;
    for (std::size_t i = first; i < in.size(); ++i)
      same &= to.g[in[i]].scales == t.scales && to.g[in[i]].zero_points == t.zero_points;
    if (!same)
      for (std::size_t i = first; i < in.size(); ++i) in[i] = without_scales(in[i]);
    if (failed()) return no_tensor;
    const tensor_id y = to.like(in[first]);
    return emit(op, std::move(in), {y}, std::move(a)) ? y : no_tensor;
  }
  tensor_id chosen(tensor_id condition, tensor_id yes, tensor_id no) {
    return merged(ops::select, {condition, yes, no}, {}, 1);
  }
  tensor_id reshaped(tensor_id x, const dims& s) {
    if (failed() || to.g[x].shape == s) return x;
    attributes a;
    a.set("shape", std::vector<std::int64_t>(s.begin(), s.end()));
    return moved(ops::reshape, x, std::move(a));
  }
  /// A layer's sums.
  tensor_id accumulate(const op_def& op, std::vector<tensor_id> in, attributes a,
                       std::vector<double> scales) {
    if (!failed())
      for (const tensor_id t : in) read_.insert(t);
    return row_emitter::accumulate(op, std::move(in), std::move(a), std::move(scales));
  }
  void give(call& c, tensor_id id, bool channels_inner) {
    if (!failed()) c.out = {value::of(id, channels_inner && to.g[id].shape.rank > 2)};
  }

  // ---- operands that meet element by element ----

  /// The layout for them: that of those of the largest rank.
  bool common_layout(const std::vector<value>& list) const {
    const int most = largest_rank(list);
    for (const value& v : list)
      if (most >= 3 && v.channels_inner && rank(v) == most) return true;
    return false;
  }
  int largest_rank(const std::vector<value>& list) const {
    int most = 0;
    for (const value& v : list) most = std::max(most, rank(v));
    return most;
  }
  /// As an operand of results of that rank and layout.
  tensor_id operand(const value& v, int of_rank, bool channels_inner) {
    if (failed()) return no_tensor;
    const dims s = shape(v);
    if (!channels_inner || s.rank == of_rank) return held(v, channels_inner);
    if (s.elements().value == 1) return reshaped(held(v, false), dims{});
    dims full;
    for (int i = s.rank; i < of_rank; ++i) full.push_back(1);
    for (std::int32_t e : s) full.push_back(e);
    return held(value::of(reshaped(held(v, false), full)), true);
  }

 private:
  /// That operator on x, made the first time.
  tensor_id once(std::map<tensor_id, tensor_id>& list, tensor_id x, const op_def& op, dtype t) {
    if (const auto it = list.find(x); it != list.end()) return it->second;
    const tensor_id y = made(op, {x}, t);
    if (!failed()) list.emplace(x, y);
    return y;
  }
  bool no_sequence(const value& v) {
    if (v.items)
      refuse("a sequence of tensors here", {}, "operators that take one out or join them");
    return !v.items;
  }

  std::map<const array*, tensor_id> arrays_;         // id + 1
  std::map<tensor_id, tensor_id> rounded_, floats_;  // to float16 and back
  tensor_set inputs_, read_, dequantized_, from_codes_;
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_EMIT_HPP_

OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

/// Extents as the graph has them; one beyond int32 becomes -2, which no rule accepts.
inline std::vector<std::int64_t> as_extents(const std::vector<std::int64_t>& list) {
  std::vector<std::int64_t> to;
  for (std::int64_t v : list) to.push_back(v < -1 || v > INT32_MAX ? -2 : v);
  return to;
}

inline void identity_row(emitter& m, call& c) {
  if (m.arity(c, 1, 3)) c.out = {c.in[0]};
}
/// x, [ratio], [training_mode]. Nothing is dropped but in training, by a ratio above 0.
inline void dropout_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 3)) return;
  if (c.has(2)) {
    const auto training = m.constant(c.in[2], "training_mode of Dropout");
    if (!training) return;
    if (training->type != dtype::boolean || training->elements() != 1)
      return m.broken("training_mode of Dropout", std::string(name_of(training->type)), "one bool");
    const bool never = c.has(1) && m.type(c.in[1]) == dtype::f32 && m.is_constant(c.in[1]) &&
                       m.constant_float(c.in[1], "a ratio of Dropout") == 0;
    if (training->data.bytes[0] != std::byte{0} && !never)
      return m.refuse("Dropout in training", "training_mode", "networks that infer");
  }
  if (c.n.out.size() > 1 && !c.n.out[1].empty()) return m.refuse("the mask of Dropout");
  c.out = {c.in[0]};
}

// ---- the same elements under another shape ----

/// 0: the input's own extent; -1: the rest.
inline void reshape_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 2)) return;
  std::vector<std::int64_t> list =
      m.opset < 5 ? m.integers(c, "shape") : m.constant_integers(c.input(1), "a shape");
  const bool zeros = m.integer(c, "allowzero", 0) != 0;
  const dims s = m.shape(c.in[0]);
  if (list.size() > dims::max_rank)
    return m.refuse("rank", std::to_string(list.size()), "at most 8");
  for (std::size_t i = 0; i < list.size() && !zeros; ++i)
    if (list[i] == 0) {
      if (static_cast<int>(i) >= s.rank) return m.broken("extent 0 of a shape", to_string(s));
      list[i] = s[static_cast<int>(i)];
    }
  const tensor_id x = m.held(c.in[0], false);
  attributes a;
  a.set("shape", as_extents(list));
  m.give(c, m.moved(ops::reshape, x, std::move(a)), false);
}
inline void flatten_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const dims s = m.shape(c.in[0]);
  std::int64_t axis = m.integer(c, "axis", 1);
  if (axis < 0) axis += s.rank;
  if (axis < 0 || axis > s.rank) return m.broken("axis", std::to_string(axis));
  std::int64_t rows = 1, columns = 1;
  for (int i = 0; i < s.rank; ++i) (i < axis ? rows : columns) *= s[i];
  attributes a;
  a.set("shape", as_extents({rows, columns}));
  m.give(c, m.moved(ops::reshape, m.held(c.in[0], false), std::move(a)), false);
}
/// Axes are an input from opset 13 on.
inline std::vector<std::int64_t> axes_of(emitter& m, const call& c) {
  return m.opset < 13 ? m.integers(c, "axes")
         : c.has(1)   ? m.constant_integers(c.in[1], "axes")
                      : std::vector<std::int64_t>();
}
inline void squeeze_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 2)) return;
  const dims s = m.shape(c.in[0]);
  const auto axes = axes_of(m, c);
  std::vector<bool> gone(as_size(s.rank), false);
  for (std::int64_t a : axes) {
    const auto i = as_size(m.axis(a, s.rank));
    if (m.failed()) return;  // a scalar has no axis to mark
    gone[i] = true;
  }
  dims y;
  for (int i = 0; i < s.rank; ++i) {
    const bool drop = axes.empty() ? s[i] == 1 : gone[as_size(i)];
    if (drop && s[i] != 1) return m.broken("an extent to squeeze", std::to_string(s[i]), "1");
    if (!drop) y.push_back(s[i]);
  }
  m.give(c, m.reshaped(m.held(c.in[0], false), y), false);
}
inline void unsqueeze_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 2)) return;
  const dims s = m.shape(c.in[0]);
  const auto axes = axes_of(m, c);
  const int rank = s.rank + static_cast<int>(std::min<std::size_t>(axes.size(), 100));
  if (rank > dims::max_rank) return m.refuse("rank", std::to_string(rank), "at most 8");
  std::vector<bool> added(as_size(rank), false);
  for (std::int64_t a : axes) {
    const auto i = as_size(m.axis(a, rank));
    if (m.failed()) return;
    if (added[i]) return m.broken("axes of Unsqueeze that repeat");
    added[i] = true;
  }
  dims y;
  for (int i = 0, from = 0; i < rank; ++i) y.push_back(added[as_size(i)] ? 1 : s[from++]);
  m.give(c, m.reshaped(m.held(c.in[0], false), y), false);
}

// ---- axes in another order ----

/// The result has ONNX's order; an input in the other layout is read where it is.
inline void transpose_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const value& x = c.in[0];
  const int rank = m.rank(x);
  auto perm = m.integers(c, "perm");
  if (perm.empty())
    for (int i = rank; i-- > 0;) perm.push_back(i);
  if (perm.size() != as_size(rank))
    return m.broken("attribute perm", std::to_string(perm.size()) + " numbers");
  bool same = true;
  for (std::size_t i = 0; i < perm.size(); ++i) {
    const int axis = m.axis(perm[i], rank);
    if (m.failed()) return;
    perm[i] = m.axis_of(x, axis);
    same &= perm[i] == static_cast<std::int64_t>(i);
  }
  if (same) return m.give(c, m.held(x), false);
  attributes a;
  a.set("perm", std::move(perm));
  m.give(c, m.moved(ops::transpose, m.held(x), std::move(a)), false);
}
template <bool ToDepth> void blocks_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const std::string mode = m.text(c, "mode", "DCR");
  if (mode != "DCR" && (ToDepth || mode != "CRD"))
    return m.refuse("mode of " + c.n.op, mode, ToDepth ? "DCR" : "DCR, CRD");
  attributes a;
  a.set("block_size", m.integer(c, "blocksize", 0));
  if (mode == "CRD") a.set("crd", std::int64_t{1});
  m.give(c,
         m.moved(ToDepth ? ops::space_to_depth : ops::depth_to_space, m.held(c.in[0], true),
                 std::move(a)),
         true);
}

// ---- pieces ----

/// Elements begin to begin + size of one axis of the IR.
inline tensor_id part_of_axis(emitter& m, tensor_id x, std::size_t axis, std::int64_t begin,
                              std::int64_t size) {
  if (m.failed()) return no_tensor;
  const auto rank = as_size(m.tensor_of(x).shape.rank);
  std::vector<std::int64_t> first(rank, 0), extents(rank, -1);
  first[axis] = begin, extents[axis] = size;
  attributes a;
  a.set("begin", std::move(first)), a.set("size", std::move(extents));
  return m.moved(ops::slice, x, std::move(a));
}
inline tensor_id joined_on(emitter& m, std::vector<tensor_id> list, std::int64_t axis) {
  if (m.failed() || list.size() == 1) return m.failed() ? no_tensor : list[0];
  attributes a;
  a.set("axis", axis);
  return m.merged(ops::concat, std::move(list), std::move(a));
}
/// Elements `list` of one axis of the IR; a scale goes with them.
inline tensor_id picked(emitter& m, tensor_id x, std::int64_t axis,
                        const std::vector<std::int32_t>& list) {
  if (m.failed()) return no_tensor;
  attributes a;
  a.set("axis", axis);
  const octet::tensor& t = m.tensor_of(x);
  const tensor_id y = t.scales.size() <= 1 ? m.to.like(x) : m.to.temporary("", t.type);
  return m.emit(ops::gather,
                {x, m.new_constant("", dims{static_cast<std::int32_t>(list.size())}, list)}, {y},
                std::move(a))
             ? y
             : no_tensor;
}

inline std::int64_t bounded_index(std::int64_t v) {
  return std::clamp<std::int64_t>(v, -INT32_MAX, INT32_MAX);
}
/// Attributes before opset 10, then inputs.
inline void slice_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 5)) return;
  const value& x = c.in[0];
  std::vector<std::int64_t> list[4];  // starts, ends, axes, steps
  const char* names[] = {"starts", "ends", "axes", "steps"};
  for (std::size_t k = 0; k < 4; ++k) {
    if (m.opset < 10)
      list[k] = m.integers(c, names[k]);
    else if (c.has(k + 1))
      list[k] = m.constant_integers(c.in[k + 1], std::string(names[k]) + " of Slice");
  }
  if (m.failed()) return;
  const int rank = m.rank(x);
  if (list[1].size() != list[0].size() || (!list[2].empty() && list[2].size() != list[0].size()) ||
      (!list[3].empty() && list[3].size() != list[0].size()))
    return m.broken("starts, ends, axes and steps of Slice that differ in number");
  const dims s = m.shape(x);
  std::vector<std::int64_t> begin(as_size(rank), 0), end, step(begin.size(), 1);
  for (int i = 0; i < rank; ++i) end.push_back(0);
  for (int i = 0; i < rank; ++i) end[as_size(m.axis_of(x, i))] = s[i];
  for (std::size_t k = 0; k < list[0].size(); ++k) {
    const int axis = m.axis(list[2].empty() ? static_cast<std::int64_t>(k) : list[2][k], rank);
    if (m.failed()) return;
    const auto at = as_size(m.axis_of(x, axis));
    begin[at] = bounded_index(list[0][k]);
    end[at] = bounded_index(list[1][k]);
    step[at] = list[3].empty() ? 1 : bounded_index(list[3][k]);
  }
  attributes a;
  a.set("begin", std::move(begin)), a.set("end", std::move(end)), a.set("strides", std::move(step));
  m.give(c, m.moved(ops::strided_slice, m.held(x), std::move(a)), x.channels_inner);
}
/// Sizes are an input from opset 13 on; num_outputs (18): the last piece may be smaller.
inline void split_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 2)) return;
  const value& x = c.in[0];
  const int axis = m.axis(m.integer(c, "axis", 0), m.rank(x));
  std::vector<std::int64_t> sizes = m.integers(c, "split");
  if (m.opset >= 13 && c.has(1)) sizes = m.constant_integers(c.in[1], "sizes of Split");
  if (m.failed()) return;
  const auto count = static_cast<std::int64_t>(c.n.out.size());
  const std::int64_t extent = m.shape(x)[axis];
  if (sizes.empty() && count > 0) {
    const std::int64_t each = (extent + count - 1) / count;
    for (std::int64_t k = 0, left = extent; k < count; ++k) {
      sizes.push_back(std::min(each, left));
      left -= sizes.back();
    }
  }
  if (static_cast<std::int64_t>(sizes.size()) != count)
    return m.broken("sizes of Split", std::to_string(sizes.size()), std::to_string(count));
  const tensor_id from = m.held(x);
  if (m.failed()) return;
  const auto at = as_size(m.axis_of(x, axis));
  std::int64_t begin = 0;
  for (std::int64_t size : sizes) {
    if (size < 0 || size > extent - begin) return m.broken("sizes of Split", std::to_string(size));
    const tensor_id y = part_of_axis(m, from, at, begin, size);
    begin += size;
    if (m.failed()) return;
    c.out.push_back(value::of(y, x.channels_inner));
  }
}
/// Constant indices lie within the axis, counted from the end where they are negative: ONNX Runtime
/// runs no others.
inline void check_indices(emitter& m, const value& indices, std::int32_t extent) {
  if (m.failed() || !m.is_constant(indices)) return;
  if (!m.check(m.to.work.spend(m.shape(indices).elements().value))) return;
  for (const std::int64_t i : m.constant_integers(indices, "indices"))
    if (i < -extent || i >= extent)
      return m.broken("index", std::to_string(i), "below " + std::to_string(extent));
}
inline void gather_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2)) return;
  const int axis = m.axis(m.integer(c, "axis", 0), m.rank(c.in[0]));
  if (!m.failed()) check_indices(m, c.in[1], m.shape(c.in[0])[axis]);
  attributes a;
  a.set("axis", std::int64_t{axis});
  const tensor_id x = m.held(c.in[0], false), index = m.held(c.in[1], false);
  if (m.failed()) return;
  const octet::tensor& t = m.tensor_of(x);
  const tensor_id y = t.scales.size() <= 1 ? m.to.like(x) : m.to.temporary("", t.type);
  m.emit(ops::gather, {x, index}, {y}, std::move(a));
  m.give(c, y, false);
}
inline void expand_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2)) return;
  const auto list = m.constant_integers(c.in[1], "a shape");
  if (m.failed()) return;
  dims to;
  if (list.size() > dims::max_rank) return m.refuse("rank", std::to_string(list.size()), "8");
  for (std::int64_t v : as_extents(list)) to.push_back(static_cast<std::int32_t>(v));
  const dims y = broadcast(m.shape(c.in[0]), to);
  if (y.rank < 0) return m.broken("a shape to expand to", to_string(to));
  attributes a;
  a.set("shape", std::vector<std::int64_t>(y.begin(), y.end()));
  m.give(c, m.moved(ops::broadcast_to, m.held(c.in[0], false), std::move(a)), false);
}
inline void tile_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2)) return;
  attributes a;
  a.set("multiples", as_extents(m.constant_integers(c.in[1], "repeats of Tile")));
  m.give(c, m.moved(ops::tile, m.held(c.in[0], false), std::move(a)), false);
}
/// What negative pads leave of x; they become 0.
inline tensor_id cropped(emitter& m, tensor_id x, std::vector<std::int64_t>& around) {
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(x).shape;
  std::vector<std::int64_t> first, size;
  bool all = true;
  for (int i = 0; i < s.rank; ++i) {
    std::int64_t &before = around[2 * as_size(i)], &after = around[2 * as_size(i) + 1];
    const std::int64_t begin = -std::min<std::int64_t>(before, 0),
                       end = s[i] + std::min<std::int64_t>(after, 0);
    if (begin > end || begin > s[i] || end < 0) {
      m.broken("pads", std::to_string(before) + ", " + std::to_string(after), to_string(s));
      return no_tensor;
    }
    first.push_back(begin), size.push_back(end - begin);
    all &= size.back() == s[i];
    before = std::max<std::int64_t>(before, 0), after = std::max<std::int64_t>(after, 0);
  }
  if (all) return x;
  attributes a;
  a.set("begin", std::move(first)), a.set("size", std::move(size));
  return m.moved(ops::slice, x, std::move(a));
}
/// Pads by the nearest element of x, or by those of its other end.
inline tensor_id extended(emitter& m, tensor_id x, const std::vector<std::int64_t>& around,
                          bool wrap) {
  for (int i = 0; !m.failed() && i < m.tensor_of(x).shape.rank; ++i) {
    const std::int64_t before = around[2 * as_size(i)], after = around[2 * as_size(i) + 1],
                       extent = m.tensor_of(x).shape[i];
    if (before == 0 && after == 0) continue;
    constexpr std::int64_t most = 1 << 24;
    if (before > most || after > most || extent == 0) {
      m.broken("pads", std::to_string(before) + ", " + std::to_string(after));
      return no_tensor;
    }
    std::vector<std::int32_t> list;
    for (std::int64_t k = -before; k < extent + after; ++k)
      list.push_back(static_cast<std::int32_t>(wrap ? ((k % extent) + extent) % extent
                                                    : std::clamp<std::int64_t>(k, 0, extent - 1)));
    x = picked(m, x, i, list);
  }
  return m.failed() ? no_tensor : x;
}
/// pads are an attribute before opset 11.
/// What a constant Pad of floats writes: any number, also infinity.
inline float padding_number(emitter& m, const call& c) {
  if (m.opset < 11) {
    const attribute* written = c.n.find("value");
    if (written && !written->real) m.broken("attribute value", "no number");
    return written ? written->real.value_or(0.f) : 0.f;
  }
  const auto a = c.has(2) ? m.constant(c.in[2], "the value of Pad") : std::nullopt;
  if (!a) return 0;
  if (a->type == dtype::f32 && a->elements() == 1) return a->as<float>()[0];
  m.broken("the value of Pad", std::string(name_of(a->type)) + " " + to_string(a->shape),
           "one float32");
  return 0;
}
/// With infinity or NaN, which no attribute holds: chosen wherever the input is not.
inline tensor_id padded_with(emitter& m, tensor_id x, attributes a, float v) {
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(x).shape;
  if (!m.check(verify_size(s, dtype::u8, m.to.max, "where a padded input is"))) return no_tensor;
  const std::vector<std::uint8_t> ones(s.elements().value, 1);
  const tensor_id inside =
      m.new_constant("", dtype::boolean, s, std::as_bytes(std::span<const std::uint8_t>(ones)));
  attributes around = a;
  around.set("value", std::int64_t{0});
  a.set("value", 0.);
  const tensor_id shown = m.moved(ops::pad, inside, std::move(around)),
                  numbers = m.moved(ops::pad, x, std::move(a));
  return m.chosen(shown, numbers, m.to.scalar_constant(v));
}
inline void pad_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 4)) return;
  const value& x = c.in[0];
  const std::string mode = m.text(c, "mode", "constant");
  if (mode != "constant" && mode != "reflect" && mode != "edge" && mode != "wrap")
    return m.refuse("mode of Pad", mode, "constant, reflect, edge, wrap");
  const auto pads = m.opset < 11 ? m.integers(c, "pads") : m.constant_integers(c.input(1), "pads");
  std::vector<std::int64_t> axes;
  if (c.has(3)) axes = m.constant_integers(c.in[3], "axes of Pad");
  if (m.failed()) return;
  const int rank = m.rank(x);
  if (axes.empty())
    for (int i = 0; i < rank; ++i) axes.push_back(i);
  if (pads.size() != 2 * axes.size())
    return m.broken("pads", std::to_string(pads.size()) + " numbers",
                    std::to_string(2 * axes.size()));
  std::vector<std::int64_t> around(2 * as_size(rank), 0);
  for (std::size_t k = 0; k < axes.size(); ++k) {
    const int axis = m.axis(axes[k], rank);
    if (m.failed()) return;
    const auto at = 2 * as_size(m.axis_of(x, axis));
    around[at] = pads[k], around[at + 1] = pads[k + axes.size()];
  }
  const tensor_id from = cropped(m, m.held(x), around);
  if (mode == "edge" || mode == "wrap")
    return m.give(c, extended(m, from, around, mode == "wrap"), x.channels_inner);
  attributes a;
  a.set("paddings", std::move(around));
  const dtype t = m.type(x);
  if (mode == "constant") {
    if (t == dtype::f32) {
      const float v = padding_number(m, c);
      if (!numerics::is_finite(v))
        return m.give(c, padded_with(m, from, std::move(a), v), x.channels_inner);
      a.set("value", static_cast<double>(v));
    } else {
      std::int64_t v = 0;
      if (c.has(2)) {
        const auto list = is_8bit(t) || t == dtype::s16 || t == dtype::u16
                              ? std::vector<std::int64_t>()
                              : m.constant_integers(c.in[2], "the value of Pad");
        if (!list.empty()) v = list[0];
        if (list.empty() && !m.failed())
          if (const auto z = m.zero_points_of(c.in[2]); !z.empty()) v = z[0];
      }
      a.set("value", v);
    }
  }
  m.give(c, m.moved(mode == "reflect" ? ops::mirror_pad : ops::pad, from, std::move(a)),
         x.channels_inner);
}

// ---- shapes as values ----

inline void shape_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const dims s = m.shape(c.in[0]);
  const auto at = [&](std::int64_t v) {
    return std::clamp<std::int64_t>(v < 0 ? v + s.rank : v, 0, s.rank);
  };
  const std::int64_t first = at(m.integer(c, "start", 0)), last = at(m.integer(c, "end", s.rank));
  std::vector<std::int64_t> list;
  for (std::int64_t i = first; i < last; ++i) list.push_back(s[static_cast<int>(i)]);
  if (!m.failed()) m.give(c, m.to.constant(list), false);
}
inline void size_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  m.give(c, m.to.scalar_constant(static_cast<std::int64_t>(m.shape(c.in[0]).elements().value)),
         false);
}
inline void constant_of_shape_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const auto list = m.constant_integers(c.in[0], "a shape");
  if (m.failed()) return;
  dims s;
  if (list.size() > dims::max_rank) return m.refuse("rank", std::to_string(list.size()), "8");
  for (std::int64_t v : list) {
    if (v < 0 || v > INT32_MAX) return m.broken("extent of a shape", std::to_string(v));
    s.push_back(static_cast<std::int32_t>(v));
  }
  const float zero = 0;
  array one = array::of(std::span<const float>(&zero, 1), dims{});
  if (const attribute* a = c.n.find("value"); a && a->tensor) one = *a->tensor;
  const std::size_t size = size_of(one.type);
  if (one.elements() != 1) return m.broken("value of ConstantOfShape", to_string(one.shape));
  if (!m.check(verify_size(s, one.type, m.to.max, "ConstantOfShape"))) return;
  std::vector<std::byte> bytes(s.elements().value * size);
  for (std::size_t i = 0; i < s.elements().value; ++i)
    std::memcpy(bytes.data() + i * size, one.data.bytes.data(), size);
  m.give(c, m.new_constant("", one.type, s, bytes), false);
}
/// Of constants.
inline void range_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 3)) return;
  constexpr std::size_t most = std::size_t{1} << 24;
  if (m.type(c.in[0]) == dtype::f32) {
    const float from = m.constant_float(c.in[0], "an end of Range"),
                to = m.constant_float(c.in[1], "an end of Range"),
                step = m.constant_float(c.in[2], "the step of Range");
    if (m.failed()) return;
    const double count = std::ceil((static_cast<double>(to) - static_cast<double>(from)) /
                                   static_cast<double>(step));
    if (step == 0 || !(count <= static_cast<double>(most))) return m.broken("the step of Range");
    std::vector<float> list;
    for (std::int64_t i = 0; static_cast<double>(i) < count; ++i)
      list.push_back(numerics::add(from, numerics::mul(static_cast<float>(i), step)));
    const dims shape{static_cast<std::int32_t>(list.size())};
    return m.give(c, m.new_constant("", shape, list), false);
  }
  std::int64_t ends[3]{};
  for (std::size_t k = 0; k < 3; ++k) {
    const auto list = m.constant_integers(c.in[k], "an end of Range");
    if (!m.failed() && list.size() != 1) m.broken("an end of Range");
    if (m.failed()) return;
    ends[k] = list[0];
    if (ends[k] > INT32_MAX || ends[k] < INT32_MIN) return m.refuse("an end of Range beyond int32");
  }
  if (ends[2] == 0) return m.broken("the step of Range", "0");
  std::vector<std::int64_t> list;
  for (std::int64_t v = ends[0]; ends[2] > 0 ? v < ends[1] : v > ends[1]; v += ends[2]) {
    if (list.size() >= most) return m.fail(import::too_large("Range"));
    list.push_back(v);
  }
  const dims shape{static_cast<std::int32_t>(list.size())};
  if (m.type(c.in[0]) == dtype::s64) return m.give(c, m.new_constant("", shape, list), false);
  m.give(c, m.new_constant("", shape, std::vector<std::int32_t>(list.begin(), list.end())), false);
}
inline void cast_to(emitter& m, call& c, dtype t) {
  if (m.type(c.in[0]) == t) {
    c.out = {c.in[0]};
    return;
  }
  const value x = m.as_float(c.in[0], c.in[0].as_half == half::computed);
  tensor_id y = m.held(x);
  if (m.failed()) return;
  if (t != dtype::f16) {
    // Of floats beyond the type the low bits of an int32 stay.
    const bool narrow = is_8bit(t) || t == dtype::s16 || t == dtype::u16;
    if (narrow && m.type(x) == dtype::f32) y = m.made(ops::cast, {y}, dtype::s32);
    if (!m.failed() && m.tensor_of(y).type != t) y = m.made(ops::cast, {y}, t);
    return m.give(c, y, x.channels_inner);
  }
  const bool real = m.type(x) == dtype::f32;
  if (!real) y = m.made(ops::cast, {y}, dtype::f32);
  value v = value::of(y, x.channels_inner);
  v.as_half = half::cast;
  c.out = {std::move(v)};
}
inline void cast_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const auto t = element_type(m.integer(c, "to", undefined_data_type), "Cast's result");
  if (!t) return m.fail(t.error());
  cast_to(m, c, *t);
}
/// x, and a tensor of the type to cast to.
inline void cast_like_row(emitter& m, call& c) {
  if (m.arity(c, 2, 2)) cast_to(m, c, m.type(c.in[1]));
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_SHAPE_HPP_

OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

// ---- windows ----

/// Windows over one to three axes, as depth, height and width; one axis is a row of height 1.
struct window {
  int axes = 2;
  std::array<std::int32_t, 3> size{1, 1, 1}, stride{1, 1, 1}, dilation{1, 1, 1}, before{}, after{};
  std::size_t first() const { return 3 - as_size(axes); }
  bool row() const { return axes == 1; }
  bool volume() const { return axes == 3; }
  void set_padding(std::size_t axis, const laws::axis_padding& p) {
    before[axis] = p.before, after[axis] = p.after;
  }
};
/// pads or auto_pad.
inline void read_padding(emitter& m, const call& c, const dims& x, window& w) {
  const std::string automatic = m.text(c, "auto_pad", "NOTSET");
  if (m.failed()) return;
  const std::size_t count = as_size(w.axes), first = w.first();
  if (automatic == "NOTSET" || automatic.empty()) {
    const auto pads = m.integers(c, "pads");
    if (!pads.empty() && pads.size() != 2 * count)
      m.broken("attribute pads", std::to_string(pads.size()) + " numbers");
    for (std::size_t i = 0; i < pads.size() && !m.failed(); ++i) {
      if (pads[i] < 0 || pads[i] > 1 << 24) m.broken("attribute pads", std::to_string(pads[i]));
      (i < count ? w.before : w.after)[first + i % count] = static_cast<std::int32_t>(pads[i]);
    }
  } else if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
    for (std::size_t i = first; i < 3; ++i) {
      const std::int32_t in = x[static_cast<int>(2 + i - first)];
      const auto total = laws::same_padding_total(in, w.size[i], w.stride[i], w.dilation[i]);
      if (total > 1 << 24) return m.broken("attribute auto_pad", std::to_string(total));
      const auto p = laws::same_padding(in, w.size[i], w.stride[i], w.dilation[i]);
      w.set_padding(i, automatic == "SAME_UPPER" ? p : laws::larger_half_before(p));
    }
  } else if (automatic != "VALID") {
    m.refuse("auto_pad", automatic, "NOTSET, SAME_UPPER, SAME_LOWER, VALID");
  }
}
/// kernel_shape, strides, dilations, pads or auto_pad. `kernel`: extents of the weights; none: the
/// attribute must be there.
inline window read_window(emitter& m, const call& c, const dims& x,
                          std::span<const std::int32_t> kernel) {
  window w;
  if (x.rank < 3 || x.rank > 5) {
    m.refuse("rank of an input with windows", std::to_string(x.rank), "3 to 5");
    return w;
  }
  w.axes = x.rank - 2;
  const std::size_t first = w.first();
  const auto read = [&](const char* key, std::array<std::int32_t, 3>& to, std::int64_t least) {
    const auto list = m.integers(c, key);
    if (list.empty()) return;
    if (list.size() != as_size(w.axes))
      return m.broken(std::string("attribute ") + key, std::to_string(list.size()) + " numbers",
                      std::to_string(w.axes));
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (list[i] < least || list[i] > 1 << 24)
        return m.broken(std::string("attribute ") + key, std::to_string(list[i]));
      to[first + i] = static_cast<std::int32_t>(list[i]);
    }
  };
  for (std::size_t i = 0; i < kernel.size(); ++i) w.size[first + i] = kernel[i];
  const auto of_weights = w.size;
  read("kernel_shape", w.size, 1);
  if (!kernel.empty() && w.size != of_weights)
    m.broken("kernel_shape that the weights do not have");
  if (kernel.empty() && m.integers(c, "kernel_shape").empty())
    m.broken("attribute kernel_shape is missing");
  read("strides", w.stride, 1);
  read("dilations", w.dilation, 1);
  if (!m.failed()) read_padding(m, c, x, w);
  return w;
}
/// An image [N, H, W, C] of a value [N, C, H, W] or [N, C, L].
inline tensor_id image_of(emitter& m, tensor_id x) {
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(x).shape;
  return s.rank == 3 ? m.reshaped(x, {s[0], 1, s[1], s[2]}) : x;
}
/// Back to as many axes as the input had, channels innermost.
inline tensor_id from_image(emitter& m, tensor_id y, bool row) {
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(y).shape;
  return row ? m.reshaped(y, {s[0], s[2], s[3]}) : y;
}

// ---- convolutions ----

/// A convolution's attributes and the shape of its weights [O, I / groups, kh, kw]. One of volumes
/// is one of images whose channels are what lies under its depth taps, of floats also under its
/// rows: [channel][plane][row], as its weights [O, I / groups, kd, kh, kw] have them. Sums then run
/// in ONNX Runtime's order, whose blocks depend on how many there are in a volume.
struct convolution {
  conv2d_attrs attrs{};
  dims weights{};
  bool depthwise = false;
  window win{};
  std::size_t folded = 0;                 // axes of a volume that became channels
  std::array<std::int32_t, 2> out{1, 1};  // extents of the result along these
  int channels() const { return weights[0]; }
};
/// The extents of the result along the axes of a volume that become channels.
inline void fold_volume(emitter& m, convolution& v, const dims& x, bool real) {
  v.folded = real ? 2 : 1;
  for (std::size_t i = 0; i < v.folded; ++i) {
    const std::int64_t reach = (std::int64_t{v.win.size[i]} - 1) * v.win.dilation[i] + 1,
                       padded = std::int64_t{x[static_cast<int>(2 + i)]} + v.win.before[i] +
                                v.win.after[i];
    if (padded < reach || padded > INT32_MAX)
      return m.broken("a window", std::to_string(reach), "at most " + std::to_string(padded));
    v.out[i] = static_cast<std::int32_t>((padded - reach) / v.win.stride[i] + 1);
  }
}
inline convolution read_convolution(emitter& m, const call& c, const value& x, const value& w) {
  convolution v;
  const dims in = m.shape(x), weights = m.shape(w);
  if (m.failed()) return v;
  if (in.rank != weights.rank || in.rank < 3 || in.rank > 5) {
    m.refuse("rank of a convolution's input and weights",
             std::to_string(in.rank) + ", " + std::to_string(weights.rank),
             "3 to 5, both the same");
    return v;
  }
  v.win = read_window(m, c, in, std::span(weights.begin() + 2, weights.end()));
  const window& win = v.win;
  const std::int64_t groups = m.integer(c, "group", 1);
  if (m.failed()) return v;
  if (win.volume()) fold_volume(m, v, in, m.type(x) == dtype::f32);
  if (m.failed()) return v;
  const bool rows = v.folded == 2;
  const std::int64_t plane = std::int64_t{win.size[0]} * (rows ? win.size[1] : 1),
                     planes = plane > INT32_MAX ? plane : weights[1] * plane;
  if (groups < 1 || groups > in[1] || in[1] % groups != 0 || weights[0] % groups != 0 ||
      weights[1] != in[1] / groups || weights.elements().value == 0 ||
      planes * groups > INT32_MAX) {
    m.broken("shape of the weights", to_string(weights),
             std::to_string(groups) + " groups of an input " + to_string(in));
    return v;
  }
  v.weights = {weights[0], static_cast<std::int32_t>(planes), rows ? 1 : win.size[1], win.size[2]};
  v.attrs.stride_w = win.stride[2], v.attrs.dilation_w = win.dilation[2];
  v.attrs.pad_left = win.before[2], v.attrs.pad_right = win.after[2];
  if (!rows) {
    v.attrs.stride_h = win.stride[1], v.attrs.dilation_h = win.dilation[1];
    v.attrs.pad_top = win.before[1], v.attrs.pad_bottom = win.after[1];
  }
  v.depthwise = groups == in[1] && groups > 1 && !win.volume();
  v.attrs.groups = v.depthwise ? 1 : static_cast<std::int32_t>(groups);
  return v;
}
/// The elements of an axis that each of `count` windows over it has, one window after another;
/// zeros, or zero points, stand around the axis where windows reach beyond it. `at`: its place in
/// the IR.
inline tensor_id windows_of_axis(emitter& m, tensor_id x, const window& w, std::size_t axis, int at,
                                 std::int32_t count) {
  if (m.failed() || !m.check(m.to.work.spend(product_of(count, w.size[axis])))) return no_tensor;
  std::vector<std::int32_t> list;
  for (std::int64_t o = 0; o < count; ++o)
    for (std::int64_t t = 0; t < w.size[axis]; ++t)
      list.push_back(static_cast<std::int32_t>(o * w.stride[axis] + t * w.dilation[axis]));
  const octet::tensor& t = m.tensor_of(x);
  const std::int64_t after = std::int64_t{list.back()} + 1 - t.shape[at] - w.before[axis];
  if (after > 0 || w.before[axis] > 0) {
    std::vector<std::int64_t> around(2 * as_size(t.shape.rank), 0);
    around[2 * as_size(at)] = w.before[axis];
    around[2 * as_size(at) + 1] = std::max<std::int64_t>(after, 0);
    const bool real = t.type == dtype::f32;
    attributes a;
    a.set("paddings", std::move(around));
    if (!real) a.set("value", std::int64_t{t.zero_points.empty() ? 0 : t.zero_points[0]});
    x = m.moved(real ? ops::pad : ops::qnn_pad, x, std::move(a));
  }
  return picked(m, x, at, list);
}
/// The extent of two axes that become one.
inline std::int32_t joined_extent(emitter& m, std::int32_t a, std::int32_t b) {
  const std::int64_t both = std::int64_t{a} * b;
  if (both > INT32_MAX) m.fail(import::too_large("extents of a volume", std::to_string(both)));
  return m.failed() ? 0 : static_cast<std::int32_t>(both);
}
/// [N, D, H, W, C] as images [N * D', H, W, C * kd] or [N, D' * H', W, C * kd * kh].
inline tensor_id planes_as_channels(emitter& m, tensor_id x, const convolution& v) {
  for (std::size_t i = 0; i < v.folded; ++i)
    x = windows_of_axis(m, x, v.win, i, static_cast<int>(1 + i), v.out[i]);
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(x).shape;
  const std::int32_t depth = v.out[0], height = v.out[1], kd = v.win.size[0], kh = v.win.size[1];
  attributes order;
  if (v.folded == 1) {
    order.set("perm", std::vector<std::int64_t>{0, 1, 3, 4, 5, 2});
    x = m.moved(ops::transpose, m.reshaped(x, {s[0], depth, kd, s[2], s[3], s[4]}),
                std::move(order));
    return m.reshaped(x, {joined_extent(m, s[0], depth), s[2], s[3], joined_extent(m, s[4], kd)});
  }
  order.set("perm", std::vector<std::int64_t>{0, 1, 3, 5, 6, 2, 4});
  x = m.moved(ops::transpose, m.reshaped(x, {s[0], depth, kd, height, kh, s[3], s[4]}),
              std::move(order));
  const std::int32_t taps = joined_extent(m, kd, kh);
  return m.reshaped(x, {s[0], joined_extent(m, depth, height), s[3], joined_extent(m, s[4], taps)});
}
/// The image that a convolution runs on, of a value with its channels innermost.
inline tensor_id convolved(emitter& m, tensor_id x, const convolution& v) {
  return v.folded > 0 ? planes_as_channels(m, x, v) : image_of(m, x);
}
/// Its result with as many axes as the input `x` has, channels innermost.
inline tensor_id from_convolved(emitter& m, tensor_id y, const value& x, const convolution& v) {
  if (m.failed() || v.folded == 0) return from_image(m, y, v.win.row());
  const dims s = m.tensor_of(y).shape;
  return m.reshaped(y, {m.shape(x)[0], v.out[0], v.folded == 2 ? v.out[1] : s[1], s[2], s[3]});
}
/// Kernels are prepared for weights that never change.
inline std::optional<array> constant_weights(emitter& m, const value& w) {
  if (!m.failed() && !m.is_constant(w))
    m.refuse("a convolution whose weights are an input of the network or computed", {},
             "constants of the file as weights");
  return m.constant(w, "weights of a convolution");
}
/// Weights in octet's order: [O, kh, kw, I / groups], depthwise [1, kh, kw, O].
inline tensor_id add_weights(emitter& m, const convolution& v, const value& w) {
  const auto a = constant_weights(m, w);
  if (!a) return no_tensor;
  const auto out = as_size(v.weights[0]), in = as_size(v.weights[1]),
             taps = product_of(v.weights[2], v.weights[3]);
  const dims shape = v.depthwise ? dims{1, v.weights[2], v.weights[3], v.weights[0]}
                                 : dims{v.weights[0], v.weights[2], v.weights[3], v.weights[1]};
  const std::size_t size = size_of(a->type);
  if (!m.check(m.to.work.spend(a->data.bytes.size()))) return no_tensor;
  std::vector<std::byte> moved(a->data.bytes.size());
  for (std::size_t o = 0; o < out; ++o)
    for (std::size_t i = 0; i < in; ++i)
      for (std::size_t t = 0; t < taps; ++t)
        std::memcpy(moved.data() + (v.depthwise ? t * out + o : (o * taps + t) * in + i) * size,
                    a->data.bytes.data() + ((o * in + i) * taps + t) * size, size);
  return m.new_constant(w.name, a->type, shape, moved);
}
/// An int32 bias, one element per channel.
inline tensor_id int32_bias(emitter& m, const value& b, int channels) {
  const auto a = m.constant(b, "a bias");
  if (!a) return no_tensor;
  if (a->type != dtype::s32) {
    m.refuse("element type of a bias", std::string(name_of(a->type)), "int32");
    return no_tensor;
  }
  const auto count = as_size(channels);
  if (a->elements() != count && a->elements() != 1) {
    m.refuse("shape of a bias", to_string(a->shape), "one element per output channel");
    return no_tensor;
  }
  std::vector<std::int32_t> list(count);
  for (std::size_t i = 0; i < count; ++i)
    list[i] = a->as<std::int32_t>()[a->elements() == 1 ? 0 : i];
  return m.new_constant(b.name, {channels}, list);
}
/// x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, [bias].
inline void qlinear_conv_row(emitter& m, call& c) {
  if (!m.arity(c, 5, 9) || !m.is_byte(c.in[0]) || !m.is_byte(c.in[3])) return;
  const convolution v = read_convolution(m, c, c.in[0], c.in[3]);
  const quantization in = m.with_one_scale(c, 1), weights = m.quantized_by(c, 4, 0),
                     out = m.with_one_scale(c, 6);
  const tensor_id x = convolved(m, m.under(c.in[0], true, in), v), w = add_weights(m, v, c.in[3]);
  if (m.failed()) return;
  if (weights.scales.size() > 1 && weights.scales.size() != as_size(v.channels()))
    return m.broken("scales of the weights", std::to_string(weights.scales.size()),
                    std::to_string(v.channels()));
  m.set(w, weights, v.depthwise ? 3 : 0);
  import::accumulation layer;
  layer.op = v.depthwise ? &ops::depthwise_conv2d : &ops::conv2d;
  layer.in = {x, w};
  if (c.has(8)) layer.in.push_back(int32_bias(m, c.in[8], v.channels()));
  layer.attrs = to_attributes(v.attrs);
  layer.out = m.quantized(c.has(7) ? m.type(c.in[7]) : m.type(c.in[0]), out);
  const tensor_id y = layer.out;
  if (!m.failed()) m.check(m.to.accumulate_and_requantize(std::move(layer), c.n.out[0]));
  m.give(c, from_convolved(m, y, c.in[0], v), true);
}

// ---- integer sums: operands have zero points, maybe known only when they run ----

/// A zero point as a constant, or as a value of one element that is computed.
struct zero_point {
  std::vector<std::int32_t> known{0};
  tensor_id computed = no_tensor;  // int32, without axes
};
inline zero_point read_zero_point(emitter& m, const call& c, std::size_t i) {
  zero_point z;
  if (!c.has(i)) return z;
  if (m.is_constant(c.in[i])) {
    z.known = m.zero_points_of(c.in[i]);
    if (z.known.empty()) m.broken("a zero point without elements");
    return z;
  }
  if (m.shape(c.in[i]).elements().value != 1) {
    m.refuse("zero points per channel that are computed at run time");
    return z;
  }
  z.computed = m.made(ops::cast, {m.reshaped(m.held(c.in[i], false), dims{})}, dtype::s32);
  return z;
}
/// Scale 1: the codes themselves.
inline quantization codes(const zero_point& z, int axis = -1) {
  quantization q;
  q.zero_points = z.known;
  q.scales.assign(z.known.size(), 1.);
  q.axis = z.known.size() > 1 ? axis : -1;
  return q;
}
inline tensor_id integers_of(emitter& m, const op_def& op, std::vector<tensor_id> in) {
  return m.made(op, std::move(in), dtype::s32);
}
/// x, w, x_zero, w_zero. A computed zero point z of x takes z * (sum of the weights inside the
/// image) off: those sums are a convolution of ones, done here.
inline void conv_integer_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 4) || !m.is_byte(c.in[0]) || !m.is_byte(c.in[1])) return;
  const convolution v = read_convolution(m, c, c.in[0], c.in[1]);
  const zero_point zx = read_zero_point(m, c, 2), zw = read_zero_point(m, c, 3);
  if (m.failed()) return;
  if (zx.known.size() != 1) return m.refuse("zero points per row of the input");
  if (zw.computed != no_tensor) return m.refuse("a zero point of weights that is computed");
  const op_def& op = v.depthwise ? ops::depthwise_conv2d : ops::conv2d;
  const tensor_id volume = m.under(c.in[0], true, codes(zx)), x = convolved(m, volume, v),
                  w = add_weights(m, v, c.in[1]);
  if (m.failed()) return;
  m.set(w, codes(zw, 0), v.depthwise ? 3 : 0);
  const std::vector<double> scales(zw.known.size(), 1.);
  tensor_id y = m.accumulate(op, {x, w}, to_attributes(v.attrs), scales);
  if (zx.computed != no_tensor && !m.failed()) {
    dims image = m.tensor_of(volume).shape;
    if (v.folded == 0) image[0] = 1;  // planes of volumes lie along the batch's axis
    const tensor_id one = m.filled(image, std::uint8_t{1});
    if (m.failed()) return;
    m.set(one, codes({}), -1);
    const tensor_id inside =
                        m.accumulate(op, {convolved(m, one, v), w}, to_attributes(v.attrs), scales),
                    taken = integers_of(m, ops::mul, {inside, zx.computed});
    y = integers_of(m, ops::sub, {y, taken});
  }
  m.give(c, from_convolved(m, y, c.in[0], v), true);
}

// ---- matrices ----

/// The last two axes exchanged; of a constant once, however often a loop runs over it.
inline tensor_id transposed(emitter& m, tensor_id x) {
  if (m.failed()) return no_tensor;
  tensor_id* kept = m.tensor_of(x).role == tensor::kind::constant ? &m.turned[x] : nullptr;
  if (kept && *kept != 0) return *kept - 1;
  const int rank = m.tensor_of(x).shape.rank;
  std::vector<std::int64_t> perm;
  for (int i = 0; i < rank; ++i) perm.push_back(i < rank - 2 ? i : 2 * rank - 3 - i);
  attributes a;
  a.set("perm", std::move(perm));
  const tensor_id y = m.moved(ops::transpose, x, std::move(a));
  if (kept && !m.failed()) *kept = y + 1;
  return y;
}
/// Operands of a matrix product as numpy has it: vectors are matrices of one row or column.
struct product {
  tensor_id a = no_tensor, b = no_tensor;
  dims out{};          // of the product without the added axes
  bool dense = false;  // b is one constant matrix
};
/// b_axis: where a scale per column of b is; `b` keeps its raw elements.
inline product read_product(emitter& m, const value& a, const value& b) {
  product p;
  const dims sa = m.shape(a), sb = m.shape(b);
  if (sa.rank < 1 || sb.rank < 1) {
    m.broken("rank of a matrix", "0");
    return p;
  }
  p.a = m.held(a, false), p.b = m.held(b, false);
  if (sa.rank == 1) p.a = m.reshaped(p.a, {1, sa[0]});
  if (sb.rank == 1) p.b = m.reshaped(p.b, {sb[0], 1});
  p.dense = m.is_constant(b) && sb.rank <= 2;
  const dims la = sa.rank == 1 ? dims{1, sa[0]} : sa, lb = sb.rank == 1 ? dims{sb[0], 1} : sb;
  const shape_or y = batch_matmul_shape({}, la, lb);
  if (y.broken) {
    m.fail(status(y.broken).error());
    return p;
  }
  for (int i = 0; i < y.shape.rank; ++i)
    if (!(sa.rank == 1 && i == y.shape.rank - 2) && !(sb.rank == 1 && i == y.shape.rank - 1))
      p.out.push_back(y.shape[i]);
  return p;
}
inline attributes keep_dims() {
  attributes a;
  a.set("keep_dims", std::int64_t{1});
  return a;
}
/// A constant [K, N] as weights [N, K], with scales per column.
inline tensor_id dense_weights(emitter& m, tensor_id b, const quantization& q) {
  const tensor_id w = transposed(m, b);
  if (m.failed()) return no_tensor;
  quantization rows = q;
  rows.axis = q.axis < 0 ? -1 : 0;
  const tensor_id own = m.under(value::of(w), false, rows);
  if (m.failed()) return no_tensor;
  if (q.scales.size() > 1 && q.scales.size() != as_size(m.tensor_of(own).shape[0]))
    m.broken("scales per column", std::to_string(q.scales.size()),
             std::to_string(m.tensor_of(own).shape[0]));
  return own;
}
/// a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero.
inline void qlinear_matmul_row(emitter& m, call& c) {
  if (!m.arity(c, 7, 8) || !m.is_byte(c.in[0]) || !m.is_byte(c.in[3])) return;
  const quantization qa = m.with_one_scale(c, 1), qb = m.quantized_by(c, 4, m.rank(c.in[3]) - 1),
                     qy = m.with_one_scale(c, 6);
  if (m.failed()) return;
  const product p = read_product(m, value::of(m.under(c.in[0], false, qa)), c.in[3]);
  if (m.failed()) return;
  import::accumulation layer;
  layer.out = m.quantized(c.has(7) ? m.type(c.in[7]) : m.type(c.in[0]), qy);
  const tensor_id y = layer.out;
  if (p.dense) {
    layer.op = &ops::fully_connected;
    layer.in = {p.a, dense_weights(m, p.b, qb)};
    layer.attrs = keep_dims();
  } else {
    if (qb.scales.size() > 1)
      return m.refuse(m.is_constant(c.in[3]) ? "scales per column of a constant of " +
                                                   std::to_string(m.rank(c.in[3])) + " axes"
                                             : "scales per column of a computed matrix",
                      std::to_string(qb.scales.size()), "1");
    layer.op = &ops::qnn_batch_matmul;
    layer.in = {p.a, m.under(value::of(p.b), false, qb)};
  }
  if (!m.failed()) m.check(m.to.accumulate_and_requantize(std::move(layer), c.n.out[0]));
  if (!m.failed()) m.give(c, m.reshaped(y, p.out), false);
}
/// a * b of codes, their zero points taken off; constant or computed ones of one element, of a
/// constant matrix b also one per column.
inline tensor_id integer_product(emitter& m, const value& a, const value& b, const zero_point& za,
                                 const zero_point& zb, dims* out) {
  if (m.failed()) return no_tensor;
  if (za.known.size() != 1) {
    m.refuse("zero points per row");
    return no_tensor;
  }
  const product p =
      read_product(m, value::of(m.under(a, false, codes(za))),
                   m.is_constant(b) ? b : value::of(m.under(b, false, codes(zb, m.rank(b) - 1))));
  if (m.failed()) return no_tensor;
  *out = p.out;
  tensor_id y = no_tensor, w = no_tensor;
  if (p.dense) {
    w = dense_weights(m, p.b, codes(zb, 1));
    y = m.accumulate(ops::fully_connected, {p.a, w}, keep_dims(),
                     std::vector<double>(zb.known.size(), 1.));
  } else {
    w = m.under(value::of(p.b), false, codes(zb, m.tensor_of(p.b).shape.rank - 1));
    y = m.accumulate(ops::qnn_batch_matmul, {p.a, w}, {}, {1.});
  }
  if (m.failed()) return no_tensor;
  // sum (a - za)(b - zb) = sum a b - za sum b - zb sum a + K za zb, the known ones taken off above.
  const std::int32_t k = m.tensor_of(p.a).shape.back(0);
  const auto ones = [&](const dims& s) {
    const auto [it, added] = m.ones.emplace(std::pair(s[0], s[1]), no_tensor);
    if (!added || m.failed()) return it->second;
    const tensor_id t = m.filled(s, std::uint8_t{1});
    if (!m.failed()) m.set(t, codes({}), -1);
    return it->second = t;
  };
  if (za.computed != no_tensor) {
    const tensor_id sums = p.dense
                               ? m.accumulate(ops::fully_connected, {ones({1, k}), w}, {},
                                              std::vector<double>(zb.known.size(), 1.))
                               : m.accumulate(ops::qnn_batch_matmul, {ones({1, k}), w}, {}, {1.});
    y = integers_of(m, ops::sub, {y, integers_of(m, ops::mul, {sums, za.computed})});
  }
  if (zb.computed != no_tensor) {
    const tensor_id sums = m.accumulate(ops::qnn_batch_matmul, {p.a, ones({k, 1})}, {}, {1.});
    y = integers_of(m, ops::sub, {y, integers_of(m, ops::mul, {sums, zb.computed})});
    if (za.computed != no_tensor) {
      const tensor_id both = integers_of(m, ops::mul, {za.computed, zb.computed}),
                      all = integers_of(m, ops::mul, {both, m.to.scalar_constant(k)});
      y = integers_of(m, ops::add, {y, all});
    }
  }
  return y;
}
/// a, b, a_zero, b_zero.
inline void matmul_integer_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 4) || !m.is_byte(c.in[0]) || !m.is_byte(c.in[1])) return;
  const zero_point za = read_zero_point(m, c, 2), zb = read_zero_point(m, c, 3);
  dims out;
  const tensor_id y = integer_product(m, c.in[0], c.in[1], za, zb, &out);
  if (!m.failed()) m.give(c, m.reshaped(y, out), false);
}
/// f32(sums) * f32(a_scale * b_scale) + bias, one rounding each.
struct scaled_product {
  value a, b;
  tensor_id a_scale;
  value b_scale;
  zero_point za, zb;
  value bias;
};
/// Scales and zero points of a matrix whose columns are channels: as many of both, one or one for
/// each of n columns. Nothing where they are others.
inline std::optional<quantization> column_scales(emitter& m, const scaled_product& p, int n) {
  if (!m.is_constant(p.b_scale) || p.zb.computed != no_tensor || m.rank(p.b_scale) > 1) return {};
  const auto fits = [n](std::size_t count) { return count == 1 || count == as_size(n); };
  const auto scales = m.constant(p.b_scale, "a scale");
  if (!scales || scales->type != dtype::f32 || !fits(scales->elements()) ||
      !fits(p.zb.known.size()))
    return {};
  quantization q = codes(p.zb, 1);
  const auto list = scales->as<float>();
  const std::size_t count = std::max(list.size(), q.zero_points.size());
  q.scales.clear();
  for (std::size_t i = 0; i < count; ++i) {
    q.scales.push_back(static_cast<double>(list[list.size() == 1 ? 0 : i]));
    if (!is_scale(q.scales.back())) return {};
  }
  q.axis = count > 1 ? 1 : -1;
  return q;
}
/// As one layer: of a constant matrix whose scales are known, a with one scale. False where it is
/// none.
inline bool dynamic_layer(emitter& m, call& c, const scaled_product& s) {
  if (m.failed() || !m.is_constant(s.b) || m.rank(s.b) != 2 || s.za.known.size() != 1 ||
      m.tensor_of(s.a_scale).shape.elements().value != 1)
    return false;
  const dims matrix = m.shape(s.b);
  const auto q = column_scales(m, s, matrix[1]);
  if (!q) return false;
  const bool zero_points = s.za.computed != no_tensor || s.za.known[0] != 0;
  const tensor_desc codes_of_a{m.type(s.a), {}};
  const tensor_desc weights{m.type(s.b), matrix, {}, q->zero_points};
  if (!dynamic_sums_fit(zero_points, codes_of_a, weights, as_size(matrix[0]))) return false;
  const product p = read_product(m, value::of(m.under(s.a, false, codes({}))), s.b);
  if (m.failed()) return true;
  const tensor_id w = dense_weights(m, p.b, *q);
  const bool bias = s.bias.given() && m.is_constant(s.bias) && m.rank(s.bias) == 1 &&
                    m.shape(s.bias)[0] == matrix[1];
  const tensor_id zero = s.za.computed != no_tensor ? s.za.computed
                         : zero_points              ? m.to.scalar_constant(s.za.known[0])
                                                    : no_tensor;
  attributes attrs = keep_dims();
  attrs.set("scales_first", std::int64_t{1});
  tensor_id y = m.made(ops::dynamic_fully_connected,
                       {p.a, w, s.a_scale, zero, bias ? m.held(s.bias, false) : no_tensor},
                       dtype::f32, std::move(attrs));
  if (s.bias.given() && !bias) y = m.made(ops::add, {y, m.held(s.bias, false)}, dtype::f32);
  if (!m.failed()) m.give(c, m.reshaped(y, p.out), false);
  return true;
}
inline void scaled_product_row(emitter& m, call& c, const scaled_product& s) {
  if (m.failed() || dynamic_layer(m, c, s)) return;
  dims out;
  const tensor_id sums = integer_product(m, s.a, s.b, s.za, s.zb, &out);
  if (m.failed()) return;
  const auto flat = [&](tensor_id t) {
    return !m.failed() && m.tensor_of(t).shape.elements().value == 1 ? m.reshaped(t, dims{}) : t;
  };
  const tensor_id scale =
      m.made(ops::mul, {flat(s.a_scale), flat(m.held(s.b_scale, false))}, dtype::f32);
  tensor_id y = m.made(ops::mul, {m.made(ops::cast, {sums}, dtype::f32), scale}, dtype::f32);
  if (s.bias.given()) y = m.made(ops::add, {y, m.held(s.bias, false)}, dtype::f32);
  if (!m.failed()) m.give(c, m.reshaped(y, out), false);
}
/// a, b, a_scale, b_scale, [a_zero], [b_zero], [bias].
inline void matmul_integer_to_float_row(emitter& m, call& c) {
  if (!m.arity(c, 4, 7) || !m.is_byte(c.in[0]) || !m.is_byte(c.in[1])) return;
  scaled_product_row(m, c,
                     {c.in[0], c.in[1], m.held(c.in[2], false), c.in[3], read_zero_point(m, c, 4),
                      read_zero_point(m, c, 5), c.input(6)});
}
inline std::array<tensor_id, 3> quantized_dynamically(emitter& m, const value& x) {
  if (m.failed() || !m.is_real(x)) return {no_tensor, no_tensor, no_tensor};
  const tensor_id y = m.to.temporary("", dtype::u8), scale = m.to.temporary("", dtype::f32),
                  zero = m.to.temporary("", dtype::u8);
  m.emit(ops::dynamic_quantize_linear, {m.held(x)}, {y, scale, zero});
  return {y, scale, zero};
}
inline void dynamic_quantize_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const auto q = quantized_dynamically(m, c.in[0]);
  if (m.failed()) return;
  c.out = {value::of(q[0], c.in[0].channels_inner), value::of(q[1]), value::of(q[2])};
}
/// a (float), b, b_scale, [b_zero], [bias].
inline void dynamic_quantize_matmul_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 5) || !m.is_byte(c.in[1])) return;
  const auto q = quantized_dynamically(m, value::of(m.held(c.in[0], false)));
  if (m.failed()) return;
  zero_point za;
  za.computed = m.made(ops::cast, {q[2]}, dtype::s32);
  scaled_product_row(
      m, c, {value::of(q[0]), c.in[1], q[1], c.in[2], za, read_zero_point(m, c, 3), c.input(4)});
}

/// [M, K] and weights [N, K] of Gemm.
struct gemm {
  tensor_id a = no_tensor, b = no_tensor;
  float alpha = 1, beta = 1;
};
inline gemm read_gemm(emitter& m, const call& c, const value& a, const value& b) {
  gemm g;
  if (m.rank(a) != 2 || m.rank(b) != 2) {
    m.broken("ranks of Gemm's matrices",
             std::to_string(m.rank(a)) + ", " + std::to_string(m.rank(b)), "2");
    return g;
  }
  g.alpha = m.real(c, "alpha", 1.f), g.beta = m.real(c, "beta", 1.f);
  g.a = m.held(a, false), g.b = m.held(b, false);
  if (m.integer(c, "transA", 0) != 0) g.a = transposed(m, g.a);
  if (m.integer(c, "transB", 0) == 0) g.b = transposed(m, g.b);
  return g;
}
/// A constant of one number for all or for each of n columns: part of the layer. Else int32 numbers
/// are added to its sums: for each row, for each of them, or computed ones.
inline bool is_bias_of_columns(emitter& m, const value& bias, int n) {
  const dims s = m.shape(bias);
  const std::size_t count = s.elements().value;
  const bool columns = count == 1 || (count == as_size(n) && s.back(0) == n);
  if (columns && m.is_constant(bias)) return true;
  if (m.type(bias) != dtype::s32)
    m.refuse("element type of a bias", std::string(name_of(m.type(bias))), "int32");
  return false;
}
/// Sums of a layer and int32 numbers that broadcast to them.
inline tensor_id biased_sums(emitter& m, tensor_id acc, const value& bias) {
  if (m.failed()) return no_tensor;
  const octet::tensor t = m.tensor_of(acc);
  const tensor_id sums = integers_of(m, ops::add, {m.without_scales(acc), m.held(bias, false)});
  if (!m.failed() && !(m.tensor_of(sums).shape == t.shape))
    m.broken("shape of a bias", to_string(m.shape(bias)),
             "one that broadcasts to " + to_string(t.shape));
  return m.alias(sums, {t.scales, t.zero_points, t.axis}, t.axis);
}
/// a, a_scale, a_zero, b, b_scale, b_zero, [c], [y_scale, y_zero]. Without y_scale: floats.
inline void qgemm_row(emitter& m, call& c) {
  if (!m.arity(c, 5, 9) || !m.is_byte(c.in[0]) || !m.is_byte(c.in[3])) return;
  const bool columns = m.integer(c, "transB", 0) == 0;
  quantization qa = m.with_one_scale(c, 1);
  const quantization qb = m.quantized_by(c, 4, columns ? 1 : 0);
  if (m.failed()) return;
  gemm g = read_gemm(m, c, c.in[0], c.in[3]);
  if (m.failed()) return;
  // alpha joins the first factor: f32(f32(alpha * sa) * sb).
  qa.scales[0] = static_cast<double>(numerics::mul(g.alpha, static_cast<float>(qa.scales[0])));
  if (!(qa.scales[0] > 0)) return m.refuse("alpha", std::to_string(g.alpha), "above 0");
  const int n = m.tensor_of(g.b).shape[0];
  if (qb.scales.size() > 1 && qb.scales.size() != as_size(n))
    return m.broken("scales of B", std::to_string(qb.scales.size()), std::to_string(n));
  if (m.tensor_of(g.a).shape[1] != m.tensor_of(g.b).shape[1])
    return m.broken("inner extents of Gemm", std::to_string(m.tensor_of(g.a).shape[1]),
                    std::to_string(m.tensor_of(g.b).shape[1]));
  quantization rows = qb;
  rows.axis = qb.axis < 0 ? -1 : 0;
  std::vector<tensor_id> in{m.under(value::of(g.a), false, qa),
                            m.under(value::of(g.b), false, rows)};
  const bool later = c.has(6) && !is_bias_of_columns(m, c.in[6], n);
  if (c.has(6) && !later) in.push_back(int32_bias(m, c.in[6], n));
  if (m.failed()) return;
  if (c.has(7)) {
    import::accumulation layer;
    layer.op = &ops::fully_connected;
    layer.in = std::move(in);
    layer.out = m.quantized(c.has(8) ? m.type(c.in[8]) : m.type(c.in[0]), m.with_one_scale(c, 7));
    if (m.failed()) return;
    auto sums = m.to.accumulate(layer, c.n.out[0]);
    if (!sums) return m.fail(sums.error());
    if (later) sums->acc = biased_sums(m, sums->acc, c.in[6]);
    if (!m.failed()) m.check(m.to.requantize(layer, *sums));
    return m.give(c, layer.out, false);
  }
  quantization sums;
  for (double s : qb.scales)
    sums.scales.push_back(static_cast<double>(
        laws::stored_accumulator_scale(static_cast<float>(qa.scales[0]), static_cast<float>(s))));
  sums.zero_points.assign(1, 0);
  tensor_id acc = m.accumulate(ops::fully_connected, std::move(in), {}, sums.scales);
  if (later) acc = biased_sums(m, acc, c.in[6]);
  m.give(c, m.made(ops::dequantize, {acc}, dtype::f32), false);
}
inline attributes reduction(std::vector<std::int64_t> axes, bool keep_dims = true) {
  attributes a;
  a.set("axes", std::move(axes));
  if (keep_dims) a.set("keep_dims", std::int64_t{1});
  return a;
}
/// The same for sums and means that ONNX Runtime does not form as ReduceSum and ReduceMean.
inline attributes reduction_in_order(std::vector<std::int64_t> axes) {
  attributes a = reduction(std::move(axes));
  a.set("in_order", std::int64_t{1});
  return a;
}

/// Sums of products [R, N, K] of a row with the rows of a matrix, [R, N]: eight lanes, whose order
/// in the end depends on the place of the row: whole fours, then two, then one.
inline tensor_id lane_sums(emitter& m, tensor_id products) {
  if (m.failed()) return no_tensor;
  constexpr std::int32_t lanes = 8;
  const dims s = m.tensor_of(products).shape;
  const std::int32_t blocks = (s[2] + lanes - 1) / lanes;
  if (blocks * lanes != s[2]) {
    attributes a;
    a.set("paddings", std::vector<std::int64_t>{0, 0, 0, 0, 0, blocks * lanes - s[2]});
    products = m.moved(ops::pad, products, std::move(a));
  }
  const tensor_id blocked = m.reshaped(products, {s[0], s[1], blocks, lanes}),
                  sums = m.made(ops::sum, {blocked}, dtype::f32, reduction_in_order({2})),
                  halves = m.reshaped(sums, {s[0], s[1], 2, lanes / 2});
  const auto plus = [&](tensor_id a, tensor_id b) { return m.made(ops::add, {a, b}, dtype::f32); };
  std::vector<tensor_id> results;
  std::int32_t at = 0;
  const auto group = [&](std::int32_t count, auto&& reduce) {
    if (count == 0 || m.failed()) return;
    const tensor_id part = part_of_axis(m, halves, 1, at, count);
    results.push_back(reduce(part));
    at += count;
  };
  const auto lane = [&](tensor_id t, std::int64_t k) { return part_of_axis(m, t, 3, k, 1); };
  const auto both = [&](tensor_id t) {
    return plus(part_of_axis(m, t, 2, 0, 1), part_of_axis(m, t, 2, 1, 1));
  };
  group(s[1] / 4 * 4, [&](tensor_id t) {
    return both(plus(plus(plus(lane(t, 0), lane(t, 1)), lane(t, 2)), lane(t, 3)));
  });
  group(s[1] % 4 / 2 * 2, [&](tensor_id t) {
    return plus(both(plus(lane(t, 0), lane(t, 2))), both(plus(lane(t, 1), lane(t, 3))));
  });
  group(s[1] % 2, [&](tensor_id t) {
    return both(plus(plus(lane(t, 0), lane(t, 1)), plus(lane(t, 2), lane(t, 3))));
  });
  return m.reshaped(joined_on(m, std::move(results), 1), {s[0], s[1]});
}
/// A product of matrices a [.., M, K] and b [.., K, N] that ONNX Runtime does not pack, joining c
/// where it is given; turned: the operand lies in memory with its last two axes exchanged.
struct loose_product {
  tensor_id a = no_tensor, b = no_tensor, c = no_tensor;
  bool turned_a = false, turned_b = false, computed = false;
  float alpha = 1;
};
inline tensor_id plain_product(emitter& m, const loose_product& p) {
  if (m.failed()) return no_tensor;
  attributes a;
  if (p.alpha != 1) a.set("alpha", static_cast<double>(p.alpha));
  if (p.computed && m.tensor_of(p.b).role == tensor::kind::constant)
    a.set("computed", std::int64_t{1});
  std::vector<tensor_id> in{p.a, p.b};
  if (p.c != no_tensor) in.push_back(p.c);
  return m.made(ops::batch_matmul, std::move(in), dtype::f32, std::move(a));
}
/// A row [.., 1, K] by every row of a matrix [.., N, K]: [.., 1, N].
inline tensor_id row_by_rows(emitter& m, tensor_id row, tensor_id matrix) {
  const tensor_id products = m.made(ops::mul, {row, matrix}, dtype::f32);
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(products).shape;
  std::int64_t many = 1;
  for (int i = 0; i + 2 < s.rank; ++i) many *= s[i];
  const tensor_id flat =
      m.reshaped(products, {static_cast<std::int32_t>(many), s.back(1), s.back(0)});
  dims y;
  for (int i = 0; i + 2 < s.rank; ++i) y.push_back(s[i]);
  y.push_back(1), y.push_back(s.back(1));
  return m.reshaped(lane_sums(m, flat), y);
}
/// Whether a convolution's window is the whole input, and ONNX Runtime computes it as a product of
/// matrices, more than one result a group: its weights times one column. (Of one input channel a
/// group it does not.)
inline bool is_column(emitter& m, const value& x, const convolution& v, bool product) {
  if (v.depthwise) return false;
  const dims s = m.shape(x);
  for (std::size_t i = v.win.first(); i < 3; ++i)
    if (v.win.size[i] != s[static_cast<int>(2 + i - v.win.first())] || v.win.before[i] != 0 ||
        v.win.after[i] != 0 || (v.win.dilation[i] != 1 && v.win.size[i] != 1))
      return false;
  float_layer_params p;
  p.in_c = s[1], p.out_c = v.channels(), p.groups = v.attrs.groups;
  p.kernel_h = v.win.size[1], p.kernel_w = v.win.size[2];
  p.out_h = p.out_w = 1;
  p.weights = &p;  // constants
  const mlas_layer l = mlas_convolution(p, v.attrs, product);
  return p.group_out() > 1 && l.channels == 0 &&
         l.order.block == numerics::mlas_block(false, 1, l.order.steps);
}
inline tensor_id column_convolution(emitter& m, const call& c, const convolution& v) {
  const auto w = constant_weights(m, c.in[1]);
  if (!w) return no_tensor;
  const dims s = m.shape(c.in[0]);
  const std::int32_t groups = v.attrs.groups, out = v.channels() / groups,
                     steps = static_cast<std::int32_t>(w->elements() / as_size(v.channels()));
  const tensor_id row = m.reshaped(m.held(c.in[0], false), {s[0], groups, 1, steps}),
                  matrix = m.new_constant(c.in[1].name, dtype::f32, {1, groups, out, steps},
                                          w->data.bytes);
  tensor_id y = m.reshaped(row_by_rows(m, row, matrix), {s[0], v.channels()});
  if (c.has(2)) {
    if (const auto count = m.shape(c.in[2]).elements().value; count != as_size(v.channels()))
      m.broken("bias count", std::to_string(count), std::to_string(v.channels()));
    y = m.made(ops::add, {y, m.held(c.in[2], false)}, dtype::f32);
  }
  dims shape{s[0], v.channels()};
  while (shape.rank < s.rank) shape.push_back(1);
  return m.reshaped(y, shape);
}
inline void conv_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 3) || !m.is_real(c.in[0]) || !m.is_real(c.in[1])) return;
  const convolution v = read_convolution(m, c, c.in[0], c.in[1]);
  if (m.failed()) return;
  const bool product = v.win.axes != 2 || (c.in[1].id != no_tensor && m.is_dequantized(c.in[1].id));
  if (is_column(m, c.in[0], v, product)) return m.give(c, column_convolution(m, c, v), false);
  const tensor_id w = add_weights(m, v, c.in[1]);
  std::vector<tensor_id> in{convolved(m, m.held(c.in[0], true), v), w};
  if (c.has(2)) in.push_back(m.held(c.in[2], false));
  attributes attrs = to_attributes(v.attrs);
  if (product) attrs.set("as_product", std::int64_t{1});
  const tensor_id y = m.made(v.depthwise ? ops::float_depthwise_conv2d : ops::float_conv2d,
                             std::move(in), dtype::f32, std::move(attrs));
  m.give(c, from_convolved(m, y, c.in[0], v), true);
}
/// A matrix that is turned is copied in pieces of 128 products, each a chain of its own.
inline tensor_id product_of_pieces(emitter& m, loose_product p) {
  constexpr std::int32_t piece = 128;
  const dims sa = m.tensor_of(p.a).shape, sb = m.tensor_of(p.b).shape;
  loose_product part = p;
  part.computed = true;
  for (std::int32_t k = 0; k < sa.back(0) && !m.failed(); k += piece) {
    const std::int32_t size = std::min(piece, sa.back(0) - k);
    part.a = part_of_axis(m, p.a, as_size(sa.rank - 1), k, size);
    part.b = part_of_axis(m, p.b, as_size(sb.rank - 2), k, size);
    part.c = plain_product(m, part);
  }
  return part.c;
}
/// One row, and one column of a matrix that is not turned, are sums of their own, which c joins
/// last; all others fused chains.
inline tensor_id unpacked_product(emitter& m, loose_product p) {
  if (m.failed()) return no_tensor;
  const dims sa = m.tensor_of(p.a).shape, sb = m.tensor_of(p.b).shape;
  const std::int32_t rows = sa.back(1), steps = sa.back(0), columns = sb.back(0);
  if (rows == 0 || steps == 0 || columns == 0) return plain_product(m, p);
  const auto joined = [&](tensor_id y) {
    return p.c == no_tensor || m.failed() ? y : m.made(ops::add, {y, p.c}, dtype::f32);
  };
  if (rows == 1 && !p.turned_a && p.turned_b && p.alpha == 1)
    return joined(row_by_rows(m, p.a, transposed(m, p.b)));
  if ((rows != 1 || p.turned_a) && columns == 1 && (!p.turned_b || steps == 1) && p.alpha == 1) {
    const tensor_id row = transposed(m, p.b);
    if (!p.turned_a) return joined(transposed(m, row_by_rows(m, row, p.a)));
    loose_product other{.a = row, .b = transposed(m, p.a), .computed = true};
    if (p.c != no_tensor && !m.failed() && m.tensor_of(p.c).shape.elements().value > 1)
      p.c = m.reshaped(p.c, {1, rows});
    other.c = p.c;
    return transposed(m, plain_product(m, other));
  }
  if (!p.turned_a) return plain_product(m, p);
  // A second row keeps one row from being summed as such.
  const bool alone = rows == 1;
  if (alone) p.a = joined_on(m, {p.a, p.a}, sa.rank - 2);
  const tensor_id y =
      steps > 128 && columns < steps ? product_of_pieces(m, p) : plain_product(m, p);
  return alone && !m.failed() ? part_of_axis(m, y, as_size(m.tensor_of(y).shape.rank - 2), 0, 1)
                              : y;
}
/// a, b, [c].
inline void gemm_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 3) || !m.is_real(c.in[0]) || !m.is_real(c.in[1])) return;
  const gemm g = read_gemm(m, c, c.in[0], c.in[1]);
  if (m.failed()) return;
  const auto n = as_size(m.tensor_of(g.b).shape[0]);
  const bool plain = g.alpha == 1 && g.beta == 1;
  std::vector<tensor_id> in{g.a, g.b};
  const bool joins = c.has(2) && plain && m.shape(c.in[2]).elements().value == n &&
                     m.shape(c.in[2]).back(0) == static_cast<std::int32_t>(n);
  if (joins) in.push_back(m.reshaped(m.held(c.in[2], false), {static_cast<std::int32_t>(n)}));
  const bool packed = m.tensor_of(g.b).role == tensor::kind::constant && !m.is_dequantized(g.b);
  if (packed && (joins || (plain && !c.has(2))))
    return m.give(c, m.made(ops::float_fully_connected, std::move(in), dtype::f32), false);
  if (!joins && c.has(2) && g.beta != 0) {
    in.push_back(m.held(c.in[2], false));
    if (g.beta != 1)
      in.back() = m.made(ops::mul, {in.back(), m.to.scalar_constant(g.beta)}, dtype::f32);
  }
  if (!packed) {
    const loose_product p{.a = g.a,
                          .b = transposed(m, g.b),
                          .c = in.size() > 2 ? in[2] : no_tensor,
                          .turned_a = m.integer(c, "transA", 0) != 0,
                          .turned_b = m.integer(c, "transB", 0) != 0,
                          .computed = true,
                          .alpha = g.alpha};
    return m.give(c, unpacked_product(m, p), false);
  }
  attributes a;
  a.set("adj_y", std::int64_t{1}), a.set("alpha", static_cast<double>(g.alpha));
  m.give(c, m.made(ops::batch_matmul, std::move(in), dtype::f32, std::move(a)), false);
}
/// alpha times the product. turned: an operand that was given with its last two axes exchanged.
inline void scaled_matmul(emitter& m, call& c, float alpha, bool turned_a = false,
                          bool turned_b = false) {
  if (!m.arity(c, 2, 2) || !m.is_real(c.in[0]) || !m.is_real(c.in[1])) return;
  const product p = read_product(m, c.in[0], c.in[1]);
  if (m.failed()) return;
  // A constant matrix is packed when the network is loaded.
  const bool packed = p.dense && m.rank(c.in[1]) == 2 && !m.is_dequantized(p.b);
  loose_product l{.a = p.a,
                  .b = p.b,
                  .turned_a = turned_a,
                  .turned_b = turned_b,
                  .computed = !packed,
                  .alpha = alpha};
  if (packed) {
    const tensor_id y = alpha == 1 ? m.made(ops::float_fully_connected, {p.a, transposed(m, p.b)},
                                            dtype::f32, keep_dims())
                                   : plain_product(m, l);
    if (!m.failed()) m.give(c, m.reshaped(y, p.out), false);
    return;
  }
  // All rows by one matrix are one product; by a vector each row is one of its own.
  const dims sa = m.tensor_of(p.a).shape, sb = m.tensor_of(p.b).shape;
  std::size_t matrices = 1;
  for (int i = 0; i + 2 < sb.rank; ++i) matrices *= as_size(sb[i]);
  if (const bool vector = m.rank(c.in[1]) == 1;
      !turned_a && (vector || (sa.rank > 2 && matrices == 1))) {
    std::int64_t rows = 1;
    for (int i = 0; i + 1 < sa.rank; ++i) rows *= sa[i];
    l.a = m.reshaped(p.a, {static_cast<std::int32_t>(rows), sa.back(0)});
    l.b = m.reshaped(p.b, {sb.back(1), sb.back(0)});
    if (vector) l.a = std::exchange(l.b, transposed(m, l.a)), l.a = transposed(m, l.a);
  }
  const tensor_id y = unpacked_product(m, l);
  if (!m.failed()) m.give(c, m.reshaped(y, p.out), false);
}
inline void matmul_row(emitter& m, call& c) { scaled_matmul(m, c, 1.f); }

// ---- transposed convolution ----

/// Pads of a transposed convolution whose output_shape or auto_pad says how large its result is.
/// An odd rest is in front, except with SAME_UPPER.
inline void pads_of_result(emitter& m, const call& c, const dims& x,
                           std::array<std::int32_t, 3> more, window& w) {
  const auto wanted = m.integers(c, "output_shape");
  const std::string automatic = m.text(c, "auto_pad", "NOTSET");
  const bool same = automatic == "SAME_UPPER" || automatic == "SAME_LOWER";
  if (m.failed() || (wanted.empty() && !same)) return;
  const std::size_t first = w.first();
  if (!wanted.empty() && wanted.size() < 3 - first)
    return m.broken("attribute output_shape", std::to_string(wanted.size()) + " numbers");
  for (std::size_t i = first; i < 3; ++i) {
    const std::int64_t in = x[static_cast<int>(2 + i - first)], stride = w.stride[i],
                       reach = (std::int64_t{w.size[i]} - 1) * w.dilation[i] + 1,
                       out = wanted.empty() ? in * stride : wanted[wanted.size() - 3 + i],
                       total = stride * (in - 1) + more[i] + reach - out;
    if (out < 1 || total > 1 << 24) return m.broken("attribute output_shape", std::to_string(out));
    if (total < 0)
      return m.refuse("a transposed convolution whose result is larger than what it reaches",
                      std::to_string(out), "at most " + std::to_string(out + total));
    const auto p = laws::transposed_padding(static_cast<std::int32_t>(total));
    w.set_padding(i, automatic == "SAME_UPPER" ? p : laws::larger_half_before(p));
  }
}
/// A tap's products [N, O, D, H, W] where they lie in a result of these extents: stride apart, from
/// `at` on, which may be outside; zeros between them. none: all are outside.
inline tensor_id placed_tap(emitter& m, tensor_id t, const window& w,
                            const std::array<std::int64_t, 3>& at,
                            const std::array<std::int32_t, 3>& out) {
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(t).shape;
  dims apart{s[0], s[1]}, whole = apart;
  std::vector<std::int64_t> between(16, 0), first(5, 0), size{s[0], s[1]}, around(10, 0);
  for (int i = 0; i < 3; ++i) {
    const auto k = as_size(i);
    const std::int64_t reach = std::int64_t{w.stride[k]} * (s[2 + i] - 1) + 1,
                       left = std::max<std::int64_t>(-at[k], 0),
                       end = std::min<std::int64_t>(at[k] + reach, out[k]);
    if (end <= 0 || at[k] >= out[k]) return no_tensor;
    apart.push_back(s[2 + i]), apart.push_back(1);
    whole.push_back(joined_extent(m, s[2 + i], w.stride[k]));
    between[as_size(2 * (3 + 2 * i) + 1)] = w.stride[k] - 1;
    first[as_size(2 + i)] = left;
    size.push_back(end - at[k] - left);
    around[as_size(2 * (2 + i))] = std::max<std::int64_t>(at[k], 0);
    around[as_size(2 * (2 + i) + 1)] = out[k] - end;
  }
  attributes gaps, part, zeros;
  gaps.set("paddings", std::move(between));
  part.set("begin", std::move(first)), part.set("size", std::move(size));
  zeros.set("paddings", std::move(around));
  t = m.reshaped(m.moved(ops::pad, m.reshaped(t, apart), std::move(gaps)), whole);
  return m.moved(ops::pad, m.moved(ops::slice, t, std::move(part)), std::move(zeros));
}
/// Products [N, O, taps, D, H, W] where they lie in the result, added to 0 one tap after another.
inline tensor_id added_taps(emitter& m, tensor_id products, const window& w,
                            const std::array<std::int32_t, 3>& out) {
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(products).shape;
  const dims one{s[0], s[1], s[3], s[4], s[5]};
  tensor_id sum = m.to.scalar_constant(0.f);
  for (std::int32_t t = 0; t < s[2] && !m.failed(); ++t) {
    const std::array<std::int32_t, 3> tap{t / (w.size[1] * w.size[2]), t / w.size[2] % w.size[1],
                                          t % w.size[2]};
    std::array<std::int64_t, 3> at{};
    for (std::size_t i = 0; i < 3; ++i) at[i] = std::int64_t{tap[i]} * w.dilation[i] - w.before[i];
    const tensor_id part =
        placed_tap(m, m.reshaped(part_of_axis(m, products, 2, t, 1), one), w, at, out);
    if (part != no_tensor) sum = m.made(ops::add, {sum, part}, dtype::f32);
  }
  return sum;
}
/// A transposed convolution of volumes, of one pixel, or with dilation, in the file's own order:
/// one product gives all taps of all output channels, which are added to 0 in their order, the bias
/// last.
inline void conv_transpose_volume(emitter& m, call& c, const window& w,
                                  const std::array<std::int32_t, 3>& more, std::int64_t groups) {
  const dims given = m.shape(c.in[0]), weights = m.shape(c.in[1]);
  const auto values = constant_weights(m, c.in[1]);
  if (!values) return;
  dims x{given[0], given[1]};
  for (int i = given.rank; i < 5; ++i) x.push_back(1);
  for (int i = 2; i < given.rank; ++i) x.push_back(given[i]);
  std::array<std::int32_t, 3> out{};
  std::int64_t pixels = 1, taps = 1;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::int64_t in = x[static_cast<int>(2 + i)],
                       reach = (std::int64_t{w.size[i]} - 1) * w.dilation[i] + 1,
                       extent = w.stride[i] * (in - 1) + more[i] + reach - w.before[i] - w.after[i];
    if (in < 1 || extent < 1 || extent > INT32_MAX)
      return m.broken("extents of a transposed convolution", std::to_string(extent));
    out[i] = static_cast<std::int32_t>(extent);
    pixels *= in, taps *= w.size[i];
  }
  const auto in = as_size(x[1] / groups), rows = as_size(weights[1]) * as_size(taps);
  if (pixels > INT32_MAX || rows > INT32_MAX || !m.check(m.to.work.spend(as_size(taps) * 64)))
    return m.fail(import::too_large("extents of a transposed convolution"));
  const tensor_id image =
      m.reshaped(m.held(c.in[0], false), {x[0], x[1], static_cast<std::int32_t>(pixels)});
  std::vector<tensor_id> results;
  for (std::int64_t g = 0; g < groups && !m.failed(); ++g) {
    std::vector<float> turned(rows * in);  // [O * taps, I]
    for (std::size_t i = 0; i < in; ++i)
      for (std::size_t r = 0; r < rows; ++r)
        turned[r * in + i] = values->as<float>()[(as_size(g) * in + i) * rows + r];
    // Constant weights are turned when the network is loaded; one pixel an image is a product of
    // its own.
    const bool turns = pixels == 1 && c.in[1].id != no_tensor && m.is_dequantized(c.in[1].id);
    dims shape{static_cast<std::int32_t>(rows), static_cast<std::int32_t>(in)};
    if (turns) shape = {1, shape[0], shape[1]};
    const tensor_id a = m.new_constant("", shape, turned);
    const tensor_id products = m.reshaped(
        unpacked_product(m, {.a = a,
                             .b = part_of_axis(m, image, 1, g * static_cast<std::int64_t>(in),
                                               static_cast<std::int64_t>(in)),
                             .turned_a = turns}),
        {x[0], weights[1], static_cast<std::int32_t>(taps), x[2], x[3], x[4]});
    results.push_back(added_taps(m, products, w, out));
  }
  tensor_id y = joined_on(m, std::move(results), 1);
  if (m.failed()) return;
  if (m.tensor_of(y).shape.rank != 5)
    return m.refuse("a transposed convolution that reaches none of its result");
  if (c.has(2))
    y = m.made(ops::add,
               {y, m.reshaped(m.held(c.in[2], false), {m.tensor_of(y).shape[1], 1, 1, 1})},
               dtype::f32);
  if (m.failed()) return;
  dims s{given[0], m.tensor_of(y).shape[1]};
  for (std::size_t i = w.first(); i < 3; ++i) s.push_back(out[i]);
  m.give(c, m.reshaped(y, s), false);
}
/// x, weights [I, O, kh, kw], [bias].
inline void conv_transpose_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 3) || !m.is_real(c.in[0]) || !m.is_real(c.in[1])) return;
  const dims x = m.shape(c.in[0]), weights = m.shape(c.in[1]);
  if (x.rank != weights.rank || x.rank < 3 || x.rank > 5)
    return m.refuse("rank of a transposed convolution", std::to_string(x.rank), "3 to 5");
  window w = read_window(m, c, x, std::span(weights.begin() + 2, weights.end()));
  const std::int64_t groups = m.integer(c, "group", 1);
  if (m.failed()) return;
  if (groups < 1 || groups > x[1] || x[1] % groups != 0)
    return m.broken("attribute group", std::to_string(groups), "a divisor of the channels");
  if (weights[0] != x[1])
    return m.broken("shape of the weights", to_string(weights),
                    "[" + std::to_string(x[1]) + ", ...");
  transpose_conv2d_attrs a;
  a.stride_h = w.stride[1], a.stride_w = w.stride[2];
  const auto more = m.integers(c, "output_padding");
  std::array<std::int32_t, 3> beyond{};
  for (std::size_t i = 0; i < more.size(); ++i) {
    if (more[i] < 0 || more[i] > 1 << 24 || more.size() != as_size(w.axes))
      return m.broken("attribute output_padding");
    beyond[w.first() + i] = static_cast<std::int32_t>(more[i]);
  }
  pads_of_result(m, c, x, beyond, w);
  if (m.failed()) return;
  const bool dilated = w.dilation != std::array<std::int32_t, 3>{1, 1, 1};
  bool pixel = true;  // alone: sums of another order
  for (int i = 2; i < x.rank; ++i) pixel &= x[i] == 1;
  if (w.volume() || dilated || pixel) return conv_transpose_volume(m, c, w, beyond, groups);
  a.output_padding_h = beyond[1], a.output_padding_w = beyond[2];
  a.pad_top = w.before[1], a.pad_left = w.before[2];
  a.pad_bottom = w.after[1], a.pad_right = w.after[2];
  const auto values = constant_weights(m, c.in[1]);
  if (!values) return;
  // [I, O, kh, kw] to [O, kh, kw, I].
  const auto in = as_size(weights[0]), out = as_size(weights[1]),
             taps = product_of(w.size[1], w.size[2]);
  std::vector<float> moved(values->elements());
  for (std::size_t i = 0; i < in; ++i)
    for (std::size_t o = 0; o < out; ++o)
      for (std::size_t t = 0; t < taps; ++t)
        moved[(o * taps + t) * in + i] = values->as<float>()[(i * out + o) * taps + t];
  const tensor_id kernel = m.new_constant(c.in[1].name,
                                          {weights[1], w.size[1], w.size[2], weights[0]}, moved),
                  image = image_of(m, m.held(c.in[0], true)),
                  bias = c.has(2) ? m.held(c.in[2], false) : no_tensor;
  // Each group by itself: its channels of the image, its part of the weights' last axis.
  std::vector<tensor_id> results;
  for (std::int64_t k = 0; k < groups; ++k) {
    const auto part = [&](tensor_id t, std::size_t axis, std::int64_t size) {
      return groups == 1 ? t : part_of_axis(m, t, axis, k * size, size);
    };
    std::vector<tensor_id> list{part(image, 3, x[1] / groups), part(kernel, 3, x[1] / groups)};
    if (c.has(2)) list.push_back(part(bias, 0, weights[1]));
    results.push_back(
        m.made(ops::float_transpose_conv2d, std::move(list), dtype::f32, to_attributes(a)));
    if (m.failed()) return;
  }
  const tensor_id y = joined_on(m, std::move(results), 3);
  m.give(c, from_image(m, y, w.row()), true);
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_LAYERS_HPP_
// ---- octet/laws/pools.hpp
// The order in which ONNX Runtime's pools sum floats.
#ifndef OCTET_LAWS_POOLS_HPP_
#define OCTET_LAWS_POOLS_HPP_

#include <array>
#include <cstdint>


OCTET_COLD_NAMESPACE_BEGIN
namespace laws {

/// sequence: row by row; columns: each column of a window over its rows, then their sums from left
/// to right; lanes: elements 4i, 4i + 1, ... of the flat image each by themselves, (0 + 2) +
/// (1 + 3), then the up to three that are left. One division follows.
enum class pool_order : std::uint8_t { sequence, columns, lanes };

/// Channels that its blocked kernels take at once: 8 with AVX2 (16 with AVX-512, where what has 8
/// but not 16 of them is summed as if it were not blocked; octet has AVX2's bits everywhere).
inline constexpr std::int32_t pool_block = 8;
constexpr bool blocks_channels(std::int32_t channels) { return channels % pool_block == 0; }

/// A pool over depth, height and width; of images and rows what is not there is 1.
struct pooled_window {
  bool row = false;
  bool blocked = false;      // four axes, blocks_channels
  bool plain_loops = false;  // AveragePool of opset 19 and later, or counted padding and ceil_mode
  std::array<std::int32_t, 3> image{1, 1, 1}, window{1, 1, 1}, stride{1, 1, 1}, before{}, after{};
};
/// Its vector kernels hold a row of sums in a buffer of 2048 elements, 3 of which are read beyond
/// the row, take two outputs' distance at most and windows up to 32.
constexpr pool_order order_of_pool(const pooled_window& p) {
  if (p.blocked || p.plain_loops) return pool_order::sequence;
  bool padded = false, steps = false, small = true;
  for (std::size_t i = 0; i < 3; ++i) {
    padded |= p.before[i] != 0 || p.after[i] != 0;
    steps |= p.stride[i] != 1;
    small &= p.window[i] <= 32;
  }
  if (!padded && !steps && p.window == p.image) return pool_order::lanes;
  const std::int64_t width = std::int64_t{p.image[2]} + p.before[2] + p.after[2];
  return !p.row && small && p.stride[2] <= 2 && width <= 2045 ? pool_order::columns
                                                              : pool_order::sequence;
}

}  // namespace laws
OCTET_NAMESPACE_END

#endif  // OCTET_LAWS_POOLS_HPP_

OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

/// Windows over depth, height and width, and what their sums are divided by.
struct pooling {
  window win{};
  bool ceil_mode = false, count_padding = false;
  std::int32_t divisor = 0;  // 0: the elements of each window, with count_padding its padding too

  bool of_volumes() const { return win.volume(); }
};
inline pooling read_pooling(emitter& m, const call& c, const dims& x) {
  pooling p;
  p.win = read_window(m, c, x, {});
  p.ceil_mode = m.integer(c, "ceil_mode", 0) != 0;
  return p;
}
/// Padding that counts, counts in every window: also where ceil_mode goes beyond it.
inline void count_padding(emitter& m, const call& c, pooling& p) {
  if (m.integer(c, "count_include_pad", 0) == 0) return;
  const auto& size = p.win.size;
  const std::int64_t image = std::int64_t{size[1]} * size[2];
  if (image > INT32_MAX || image * size[0] > INT32_MAX)
    return m.broken("attribute kernel_shape", std::to_string(image), "at most 2^31 - 1 elements");
  p.divisor = static_cast<std::int32_t>(image * size[0]);
}
/// The windows over two of the axes depth, height and width; `no_axis` in place of one: over the
/// other alone.
inline pool2d_attrs pool_over(const pooling& p, std::size_t rows, std::size_t columns) {
  pool2d_attrs a;
  if (rows < 3) {
    a.window_h = p.win.size[rows], a.stride_h = p.win.stride[rows];
    a.dilation_h = p.win.dilation[rows];
    a.pad_top = p.win.before[rows], a.pad_bottom = p.win.after[rows];
  }
  if (columns < 3) {
    a.window_w = p.win.size[columns], a.stride_w = p.win.stride[columns];
    a.dilation_w = p.win.dilation[columns];
    a.pad_left = p.win.before[columns], a.pad_right = p.win.after[columns];
  }
  a.ceil_mode = p.ceil_mode;
  return a;
}
inline constexpr std::size_t no_axis = 3;
inline pool2d_attrs pool_of_images(const pooling& p) {
  pool2d_attrs a = pool_over(p, 1, 2);
  a.count_include_pad = p.count_padding, a.divisor = p.divisor;
  return a;
}
/// A pool of [N, D, H, W, C] as two of images: each column of a window over its planes and rows,
/// then the columns from left to right.
inline tensor_id pooled_by_columns(emitter& m, const op_def& op, tensor_id x, const pooling& p,
                                   std::int32_t divisor = 0) {
  if (m.failed()) return no_tensor;
  pool2d_attrs down = pool_over(p, 0, 1), across = pool_over(p, no_axis, 2);
  down.divisor = across.divisor = divisor;
  const dims s = m.tensor_of(x).shape;
  const std::int32_t line = joined_extent(m, s[3], s[4]);
  const tensor_id columns =
      m.moved(op, m.reshaped(x, {s[0], s[1], s[2], line}), to_attributes(down));
  if (m.failed()) return no_tensor;
  const dims t = m.tensor_of(columns).shape;
  const std::int32_t planes = joined_extent(m, s[0], t[1]);
  const tensor_id y =
      m.moved(op, m.reshaped(columns, {planes, t[2], s[3], s[4]}), to_attributes(across));
  return m.failed()
             ? no_tensor
             : m.reshaped(y, {s[0], t[1], t[2], m.tensor_of(y).shape[2], m.tensor_of(y).shape[3]});
}

// ---- maxima ----

/// How many windows there are over an axis.
inline std::int32_t windows_over(emitter& m, const pooling& p, std::size_t axis, std::int32_t in) {
  const auto& w = p.win;
  const std::int32_t count = pooled_extent(in, w.size[axis], w.stride[axis], w.dilation[axis],
                                           w.before[axis], w.after[axis], p.ceil_mode);
  if (count < 1)
    m.broken("a window", std::to_string(w.size[axis]), "of an axis of " + std::to_string(in));
  return count;
}
/// Where tap t of each window over an axis is; one beside the axis is where the first one inside
/// is, which comes before it and is as large.
inline std::vector<std::int32_t> places_of_tap(const window& w, std::size_t axis, std::int32_t in,
                                               std::int32_t out, std::int64_t t) {
  std::vector<std::int32_t> list;
  for (std::int64_t o = 0; o < out; ++o) {
    const std::int64_t begin = o * w.stride[axis] - w.before[axis], step = w.dilation[axis],
                       first = begin < 0 ? begin + (-begin + step - 1) / step * step : begin,
                       at = begin + t * step;
    list.push_back(static_cast<std::int32_t>(
        std::clamp<std::int64_t>(at < 0 || at >= in ? first : at, 0, in - 1)));
  }
  return list;
}
/// The largest elements of windows of x, [N, ..., C] of floats, and where they are: the first of
/// them, plane by plane, row by row. What is compared with NaN is not larger.
class largest_elements {
 public:
  largest_elements(emitter& m, tensor_id x, const pooling& p, bool columns_first)
      : m_(m), w_(p.win), shape_(m.tensor_of(x).shape) {
    std::int64_t step = 1;
    for (std::size_t i = 0; i < as_size(w_.axes); ++i) {
      const std::size_t axis = columns_first ? w_.first() + i : 2 - i;
      step_[axis] = step, in_[axis] = shape_[ir_axis(axis)], step *= in_[axis];
      out_[axis] = windows_over(m, p, axis, in_[axis]);
    }
    elements_ = step;
    const std::int64_t image = std::int64_t{w_.size[1]} * w_.size[2];
    constexpr std::int64_t most = 64;  // each element of a window is four nodes
    if (image > most || image * w_.size[0] > most)
      m.refuse("elements of a window of MaxPool with indices", {}, "at most 64");
    if (!m.failed()) follow(x, w_.first());
    add_starts();
  }
  tensor_id largest() const { return best_; }
  tensor_id places() const { return place_; }

 private:
  int ir_axis(std::size_t axis) const { return static_cast<int>(1 + axis - w_.first()); }
  /// Taps of this axis and those behind it, in their order.
  void follow(tensor_id x, std::size_t axis) {
    if (axis == 3) return compare(x);
    for (std::int32_t t = 0; t < w_.size[axis] && !m_.failed(); ++t) {
      if (!m_.check(m_.to.work.spend(as_size(out_[axis])))) return;
      at_[axis] = places_of_tap(w_, axis, in_[axis], out_[axis], t);
      follow(picked(m_, x, ir_axis(axis), at_[axis]), axis + 1);
    }
  }
  void compare(tensor_id x) {
    if (m_.failed()) return;
    const tensor_id here = constant_places();
    if (best_ == no_tensor) {
      best_ = x, place_ = here;
      return;
    }
    const tensor_id more = m_.made(ops::greater, {x, best_}, dtype::boolean);
    best_ = m_.made(ops::select, {more, x, best_}, dtype::f32);
    place_ = m_.made(ops::select, {more, here, place_}, dtype::s64);
  }
  /// Of the tap that at_ says.
  tensor_id constant_places() {
    dims s;
    for (std::size_t axis = w_.first(); axis < 3; ++axis) s.push_back(out_[axis]);
    s.push_back(1);
    if (!m_.check(verify_size(s, dtype::s64, m_.to.max, "places"))) return no_tensor;
    std::vector<std::int64_t> list(s.elements().value, 0);
    std::size_t inner = 1;
    for (std::size_t axis = 3; axis-- > w_.first();) {
      for (std::size_t k = 0; k < list.size(); ++k)
        list[k] += at_[axis][k / inner % as_size(out_[axis])] * step_[axis];
      inner *= as_size(out_[axis]);
    }
    return m_.new_constant("", s, list);
  }
  /// Where the channels of each image begin in the file's order of axes.
  void add_starts() {
    if (m_.failed()) return;
    const std::int32_t batch = shape_[0], channels = shape_.back(0);
    dims s = shape_;
    for (int i = 1; i + 1 < s.rank; ++i) s[i] = 1;
    if (!m_.check(verify_size(s, dtype::s64, m_.to.max, "places of channels"))) return;
    std::vector<std::int64_t> list;
    for (std::int64_t i = 0; i < std::int64_t{batch} * channels; ++i) list.push_back(i * elements_);
    place_ = m_.made(ops::add, {place_, m_.new_constant("", s, list)}, dtype::s64);
  }

  emitter& m_;
  const window& w_;
  dims shape_;
  std::array<std::int32_t, 3> in_{1, 1, 1}, out_{1, 1, 1};
  std::array<std::int64_t, 3> step_{};
  std::array<std::vector<std::int32_t>, 3> at_{};
  std::int64_t elements_ = 1;  // of a channel of an image
  tensor_id best_ = no_tensor, place_ = no_tensor;
};
/// The second result: where the largest elements are among all of x.
inline void max_pool_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const value& x = c.in[0];
  const bool real = m.type(x) == dtype::f32, places = c.n.out.size() > 1 && !c.n.out[1].empty();
  if (!real && !m.is_byte(x)) return;
  const pooling p = read_pooling(m, c, m.shape(x));
  const bool columns_first = m.integer(c, "storage_order", 0) != 0;
  if (m.failed()) return;
  const op_def& op = real ? ops::max_pool2d : ops::qnn_max_pool2d;
  const tensor_id from = m.held(x, true);
  if (!places || !real) {
    tensor_id y = no_tensor;
    if (p.of_volumes())
      y = pooled_by_columns(m, op, from, p);
    else
      y = m.moved(op, image_of(m, from), to_attributes(pool_of_images(p)));
    m.give(c, from_image(m, y, p.win.row()), true);
  }
  if (!places || m.failed()) return;
  const tensor_id reals = real ? from : m.made(ops::cast, {m.without_scales(from)}, dtype::f32);
  if (m.failed()) return;
  const largest_elements found(m, reals, p, columns_first);
  if (m.failed()) return;
  if (real) m.give(c, found.largest(), true);
  c.out.push_back(value::of(found.places(), true));
}

// ---- averages ----

/// The channels of a file's value if its shape says them: ONNX Runtime blocks the channels of pools
/// as it loads the file.
inline bool is_blocked(const emitter& m, const value& x) {
  const dims s = m.shape(x);
  return s.rank == 4 && laws::blocks_channels(s[1]);
}
/// The average of a whole image [N, H, W, C] or of rows [N, L, C]: laws::pool_order::lanes.
inline tensor_id average_in_lanes(emitter& m, tensor_id x) {
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(x).shape;
  const std::int32_t channels = s.back(0);
  std::int64_t count = 1;
  for (int i = 1; i + 1 < s.rank; ++i) count *= s[i];
  if (count < 1 || count > INT32_MAX) {
    m.broken("extents of an averaged image", to_string(s));
    return no_tensor;
  }
  const auto flat = static_cast<std::int32_t>(count), whole = flat / 4 * 4;
  x = m.reshaped(x, {s[0], flat, channels});
  const auto at = [&](tensor_id t, std::int64_t i) { return part_of_axis(m, t, 1, i, 1); };
  const auto plus = [&](tensor_id a, tensor_id b) { return m.made(ops::add, {a, b}, dtype::f32); };
  tensor_id sum = no_tensor;
  if (whole > 0) {
    const tensor_id rows =
        m.reshaped(part_of_axis(m, x, 1, 0, whole), {s[0], whole / 4, 4, channels});
    const tensor_id lanes = m.reshaped(
        m.made(ops::sum, {rows}, dtype::f32, reduction_in_order({1})), {s[0], 4, channels});
    sum = plus(plus(at(lanes, 0), at(lanes, 2)), plus(at(lanes, 1), at(lanes, 3)));
  }
  for (std::int32_t i = whole; i < flat; ++i)
    sum = sum == no_tensor ? at(x, i) : plus(sum, at(x, i));
  sum = m.made(ops::div, {sum, m.to.scalar_constant(static_cast<float>(flat))}, dtype::f32);
  dims one = s;
  for (int i = 1; i + 1 < s.rank; ++i) one[i] = 1;
  return m.reshaped(sum, one);
}
/// How many elements of an axis each window has.
inline std::vector<float> counts_of(emitter& m, const pooling& p, std::size_t axis, std::int32_t in,
                                    std::int32_t out) {
  std::vector<float> list;
  const auto& w = p.win;
  const std::int64_t least = p.count_padding ? -std::int64_t{w.before[axis]} : 0,
                     end = std::int64_t{in} + (p.count_padding ? w.after[axis] : 0);
  if (!m.check(m.to.work.spend(product_of(out, w.size[axis])))) return list;
  for (std::int64_t o = 0; o < out; ++o) {
    std::int32_t taps = 0;
    for (std::int64_t t = 0; t < w.size[axis]; ++t) {
      const std::int64_t at = o * w.stride[axis] - w.before[axis] + t * w.dilation[axis];
      taps += at >= least && at < end;
    }
    list.push_back(static_cast<float>(std::max(taps, 1)));
  }
  return list;
}
/// The sums of windows of x, [N, H, W, C] or [N, D, H, W, C], by what each is divided by.
inline tensor_id divided(emitter& m, tensor_id sums, tensor_id x, const pooling& p) {
  if (m.failed()) return no_tensor;
  tensor_id by = no_tensor;
  if (p.divisor != 0) by = m.to.scalar_constant(static_cast<float>(p.divisor));
  const dims in = m.tensor_of(x).shape, out = m.tensor_of(sums).shape;
  for (int i = 1; p.divisor == 0 && i + 1 < in.rank && !m.failed(); ++i) {
    const auto list = counts_of(m, p, as_size(i + 4 - in.rank), in[i], out[i]);
    dims s{out[i]};
    for (int k = i + 1; k < in.rank; ++k) s.push_back(1);
    if (m.failed()) return no_tensor;
    const tensor_id taps = m.new_constant("", s, list);
    by = i == 1 ? taps : m.made(ops::mul, {by, taps}, dtype::f32);
  }
  return m.made(ops::div, {sums, by}, dtype::f32);
}
/// Averages of windows of images or volumes: laws::pool_order::columns.
inline tensor_id average_by_columns(emitter& m, tensor_id x, const pooling& p) {
  if (p.of_volumes()) return divided(m, pooled_by_columns(m, ops::avg_pool2d, x, p, 1), x, p);
  pool2d_attrs down = pool_over(p, 1, no_axis), across = pool_over(p, no_axis, 2);
  down.divisor = across.divisor = 1;
  const tensor_id columns = m.made(ops::avg_pool2d, {x}, dtype::f32, to_attributes(down)),
                  sums = m.made(ops::avg_pool2d, {columns}, dtype::f32, to_attributes(across));
  return divided(m, sums, x, p);
}
/// Sums of windows of volumes, plane by plane, row by row: each window's rows are an image.
inline tensor_id sums_in_sequence(emitter& m, tensor_id x, const pooling& p) {
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(x).shape;
  const std::int32_t kd = p.win.size[0], kh = p.win.size[1];
  const std::int32_t depth = windows_over(m, p, 0, s[1]), height = windows_over(m, p, 1, s[2]);
  x = windows_of_axis(m, x, p.win, 0, 1, depth);
  x = windows_of_axis(m, x, p.win, 1, 2, height);
  const std::int32_t line = joined_extent(m, s[3], s[4]), rows = joined_extent(m, kd, kh),
                     images = joined_extent(m, joined_extent(m, s[0], depth), height);
  attributes order;
  order.set("perm", std::vector<std::int64_t>{0, 1, 3, 2, 4, 5});
  x = m.moved(ops::transpose, m.reshaped(x, {s[0], depth, kd, height, kh, line}), std::move(order));
  x = m.reshaped(x, {images, rows, s[3], s[4]});
  pool2d_attrs across = pool_over(p, no_axis, 2);
  across.window_h = rows, across.divisor = 1;
  const tensor_id y = m.made(ops::avg_pool2d, {x}, dtype::f32, to_attributes(across));
  return m.failed() ? no_tensor
                    : m.reshaped(y, {s[0], depth, height, m.tensor_of(y).shape[2], s[4]});
}
inline void average_pool_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  pooling p = read_pooling(m, c, m.shape(c.in[0]));
  count_padding(m, c, p);
  // Of floats, what ceil_mode adds beyond the padding does not count.
  if (p.ceil_mode && p.divisor != 0) p.divisor = 0, p.count_padding = true;
  if (m.failed()) return;
  const tensor_id x = image_of(m, m.held(c.in[0], true));
  if (m.failed()) return;
  const dims image = m.tensor_of(x).shape;
  laws::pooled_window w;
  w.row = p.win.row(), w.blocked = is_blocked(m, c.in[0]);
  w.plain_loops = m.opset >= 19 || (p.ceil_mode && p.count_padding);
  w.image = {1, image[image.rank - 3], image[image.rank - 2]};
  if (p.of_volumes()) w.image[0] = image[1];
  w.window = p.win.size, w.stride = p.win.stride;
  w.before = p.win.before, w.after = p.win.after;
  tensor_id y = no_tensor;
  switch (laws::order_of_pool(w)) {
    case laws::pool_order::lanes: y = average_in_lanes(m, x); break;
    case laws::pool_order::columns: y = average_by_columns(m, x, p); break;
    case laws::pool_order::sequence:
      y = p.of_volumes()
              ? divided(m, sums_in_sequence(m, x, p), x, p)
              : m.made(ops::avg_pool2d, {x}, dtype::f32, to_attributes(pool_of_images(p)));
      break;
  }
  m.give(c, from_image(m, y, p.win.row()), true);
}
/// With the attribute channels_last the file's own order is NHWC.
inline value images(emitter& m, const call& c, bool* as_written) {
  *as_written = m.integer(c, "channels_last", 0) != 0;
  if (!*as_written || m.failed()) return c.in[0];
  const tensor_id x = m.held(c.in[0], false);
  return m.failed() ? value{} : value::of(x, true);
}
/// f32(f32(average / scale) + zero point), rounded: rounding ORT of a float average.
inline tensor_id codes_of_average(emitter& m, tensor_id y, dtype t, const quantization& q) {
  if (m.failed()) return no_tensor;
  const auto number = [&](double v) { return m.to.scalar_constant(static_cast<float>(v)); };
  attributes bounds;
  bounds.set("float_lo", static_cast<double>(lowest_of(t)));
  bounds.set("float_hi", static_cast<double>(highest_of(t)));
  y = m.made(ops::div, {y, number(q.scales[0])}, dtype::f32);
  y = m.made(ops::add, {y, number(q.zero_points[0])}, dtype::f32, std::move(bounds));
  y = m.made(ops::cast, {m.made(ops::round, {y}, dtype::f32)}, t);
  return m.alias(y, q, -1);
}
/// x, x_scale, x_zero, y_scale, y_zero.
inline void qlinear_average_pool_row(emitter& m, call& c) {
  if (!m.arity(c, 4, 5) || !m.is_byte(c.in[0])) return;
  const quantization in = m.with_one_scale(c, 1), out = m.with_one_scale(c, 3);
  bool as_written = false;
  const value x = images(m, c, &as_written);
  if (m.failed()) return;
  pooling p = read_pooling(m, c, m.shape(x));
  count_padding(m, c, p);
  const tensor_id from = m.under(x, true, in);
  if (p.of_volumes()) {
    const tensor_id reals = m.made(ops::dequantize, {from}, dtype::f32),
                    y = divided(m, sums_in_sequence(m, reals, p), reals, p);
    return m.give(c, codes_of_average(m, y, m.type(c.in[0]), out), !as_written);
  }
  const tensor_id image = image_of(m, from), y = m.quantized(m.type(c.in[0]), out);
  m.emit(ops::qnn_avg_pool2d, {image}, {y}, to_attributes(pool_of_images(p)));
  m.give(c, from_image(m, y, p.win.row()), !as_written);
}
/// The same of a whole row, image or volume.
inline void qlinear_global_average_pool_row(emitter& m, call& c) {
  if (!m.arity(c, 4, 5) || !m.is_byte(c.in[0])) return;
  const quantization in = m.with_one_scale(c, 1), out = m.with_one_scale(c, 3);
  bool as_written = false;
  const value x = images(m, c, &as_written);
  if (m.failed()) return;
  const int rank = m.rank(x);
  if (rank < 3 || rank > 5) return m.refuse("rank of an average", std::to_string(rank), "3 to 5");
  tensor_id from = m.under(x, true, in);
  if (m.failed()) return;
  dims one = m.tensor_of(from).shape;
  if (rank == 5)
    from = m.reshaped(from, {one[0], one[1], joined_extent(m, one[2], one[3]), one[4]});
  pool2d_attrs p;
  p.adaptive_h = p.adaptive_w = 1;
  const tensor_id y = m.quantized(m.type(c.in[0]), out);
  m.emit(ops::qnn_avg_pool2d, {image_of(m, from)}, {y}, to_attributes(p));
  for (int i = 1; i + 1 < rank; ++i) one[i] = 1;
  m.give(c, m.reshaped(y, one), !as_written);
}
template <bool Max> void global_pool_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  std::vector<std::int64_t> axes;
  for (int i = 2; i < m.rank(c.in[0]); ++i) axes.push_back(i - 1);
  if (axes.empty()) return m.broken("rank", std::to_string(m.rank(c.in[0])), "3 or more");
  const tensor_id x = m.held(c.in[0], true);
  // Unlike the pools of windows it stays plain behind whatever is not in blocks already.
  const bool blocked = is_blocked(m, c.in[0]) && c.in[0].order != channel_order::plain;
  if (!Max && !blocked) return m.give(c, average_in_lanes(m, x), true);
  m.give(c,
         m.made(Max ? ops::reduce_max : ops::mean, {x}, dtype::f32,
                Max ? reduction(std::move(axes)) : reduction_in_order(std::move(axes))),
         true);
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_POOLS_HPP_

OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

// ---- quantize, dequantize ----

/// The quantization axis where there is more than one scale.
inline int scale_axis(emitter& m, const call& c) {
  if (const std::int64_t b = m.integer(c, "block_size", 0); b != 0)
    m.refuse("block_size: scales per block", std::to_string(b), "0");
  if (m.failed() || m.shape(c.in[1]).elements().value == 1) return -1;
  return m.axis(m.integer(c, "axis", 1), m.rank(c.in[0]));
}
/// Attributes that name an element type for the division or the result: float32 or not given.
inline void only_float(emitter& m, const call& c, const char* key) {
  const std::int64_t code = m.integer(c, key, undefined_data_type);
  if (code != undefined_data_type && code != data_type_code("FLOAT"))
    m.refuse(key, data_type_name(code), "FLOAT");
}
/// Whether a scale is one infinite number: what a calibration makes of masks with -inf.
inline bool is_infinite(emitter& m, const value& scale) {
  if (m.failed() || !m.is_constant(scale) || m.type(scale) != dtype::f32 ||
      m.shape(scale).elements().value != 1)
    return false;
  const auto a = m.constant(scale, "a scale");
  return a && a->as<float>()[0] == std::numeric_limits<float>::infinity();
}
/// Whether a scale or zero point of a node is computed when it runs, as tools before
/// DynamicQuantizeLinear wrote it; one of each then. An infinite scale is no number to fold.
inline bool scaled_at_run_time(emitter& m, const call& c) {
  const bool computed =
      !m.is_constant(c.in[1]) || (c.has(2) && !m.is_constant(c.in[2])) || is_infinite(m, c.in[1]);
  for (std::size_t i = 1; computed && i < 3; ++i)
    if (c.has(i) && m.shape(c.in[i]).elements().value != 1)
      m.refuse("scales per channel that are computed at run time");
  return computed && !m.failed();
}
/// Input i as a number without axes.
inline tensor_id number_of(emitter& m, const call& c, std::size_t i, dtype t) {
  const tensor_id x = m.reshaped(m.without_scales(m.held(c.in[i], false)), dims{});
  return m.failed() || m.tensor_of(x).type == t ? x : m.made(ops::cast, {x}, t);
}
/// sat(rint(f32(x / scale)) + zero point); what is no number becomes the lowest code.
inline tensor_id quantized_at_run_time(emitter& m, const call& c, dtype t) {
  const auto bound = [&](std::int64_t v) { return m.to.scalar_constant(static_cast<float>(v)); };
  const tensor_id x =
      m.made(ops::div, {m.held(c.in[0]), number_of(m, c, 1, dtype::f32)}, dtype::f32);
  tensor_id y = m.made(ops::round, {x}, dtype::f32);
  if (c.has(2)) y = m.made(ops::add, {y, number_of(m, c, 2, dtype::f32)}, dtype::f32);
  y = m.made(ops::maximum, {bound(lowest_of(t)), y}, dtype::f32);
  y = m.made(ops::minimum, {bound(highest_of(t)), y}, dtype::f32);
  return m.made(ops::cast, {y}, t);
}
/// Elements of 4 or 2 bits: the bytes that hold them saturate at other ends.
inline tensor_id held_within(emitter& m, const call& c, tensor_id y, int bits) {
  const dtype t = m.type(c.in[2]);
  const std::int64_t lowest = t == dtype::s8 ? -(1 << (bits - 1)) : 0;
  const auto bound = [&](std::int64_t v) {
    return m.to.scalar_constant(static_cast<std::int32_t>(v));
  };
  tensor_id v = m.made(ops::cast, {m.without_scales(y)}, dtype::s32);
  v = m.made(ops::maximum, {v, bound(lowest)}, dtype::s32);
  v = m.made(ops::minimum, {v, bound(lowest + (1 << bits) - 1)}, dtype::s32);
  return m.made(ops::cast, {v}, t);
}
/// f32(f32(x - zero point) * scale).
inline tensor_id dequantized_at_run_time(emitter& m, const call& c) {
  tensor_id x = m.made(ops::cast, {m.without_scales(m.held(c.in[0]))}, dtype::s32);
  if (c.has(2)) x = m.made(ops::sub, {x, number_of(m, c, 2, dtype::s32)}, dtype::s32);
  return m.made(ops::mul, {m.made(ops::cast, {x}, dtype::f32), number_of(m, c, 1, dtype::f32)},
                dtype::f32);
}
/// x, scale, [zero].
inline void quantize_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 3) || !m.is_real(c.in[0])) return;
  only_float(m, c, "precision");
  dtype t = dtype::u8;
  if (c.has(2)) {
    t = m.type(c.in[2]);
  } else if (const std::int64_t code = m.integer(c, "output_dtype", data_type_code("UINT8"));
             code != undefined_data_type) {
    const auto named = element_type(code, "QuantizeLinear's result");
    if (!named) return m.fail(named.error());
    t = *named;
  }
  if (!is_8bit(t) && t != dtype::s16 && t != dtype::u16)
    return m.refuse("element type of QuantizeLinear's result", std::string(name_of(t)),
                    "uint8, int8, uint16, int16");
  const value& x = c.in[0];
  if (scaled_at_run_time(m, c)) return m.give(c, quantized_at_run_time(m, c, t), x.channels_inner);
  const int axis = scale_axis(m, c);
  const quantization q = m.quantized_by(c, 1, axis);
  if (m.failed()) return;
  const tensor_id y = m.quantized(t, q, q.axis < 0 ? -1 : static_cast<int>(m.axis_of(x, q.axis)));
  m.emit(ops::quantize, {m.held(x)}, {y});
  const int narrow = c.has(2) && c.in[2].data ? c.in[2].data->narrow_bits : 0;
  m.give(c, narrow == 0 ? y : held_within(m, c, y, narrow), x.channels_inner);
}
/// f32(f32(q - z) s) of a constant whose `block` elements in a row along an axis share s and z.
template <class T>
std::vector<float> floats_of_blocks(const array& x, const array& scale,
                                    const std::vector<std::int32_t>& zeros, int axis,
                                    std::int64_t block) {
  const std::span<const T> codes = x.as<T>();
  const std::span<const float> scales = scale.as<float>();
  std::size_t inner = 1;
  for (int k = axis + 1; k < x.shape.rank; ++k) inner *= as_size(x.shape[k]);
  const std::size_t extent = as_size(x.shape[axis]), blocks = as_size(scale.shape[axis]);
  std::vector<float> y(codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const std::size_t row = i / inner, outer = row / extent, place = row % extent / as_size(block),
                      at = (outer * blocks + place) * inner + i % inner;
    const std::int64_t z = zeros.empty() ? 0 : zeros[at];
    y[i] = numerics::mul(static_cast<float>(std::int64_t{codes[i]} - z), scales[at]);
  }
  return y;
}
/// x, scale, [zero], constants, with scales for blocks along an axis: floats.
inline void dequantize_blocks(emitter& m, call& c, std::int64_t block) {
  const auto x = m.constant(c.in[0], "what has scales for blocks");
  const auto scale = m.constant(c.in[1], "a scale");
  const std::vector<float> scales = m.constant_floats(c.in[1], "a scale");
  if (m.failed()) return;
  const int axis = m.axis(m.integer(c, "axis", 1), x->shape.rank);
  const auto zeros = c.has(2) ? m.zero_points_of(c.in[2]) : std::vector<std::int32_t>();
  bool fits = block > 0 && scale->shape.rank == x->shape.rank;
  for (int k = 0; fits && k < x->shape.rank; ++k) {
    const std::int64_t all = x->shape[k], most = k == axis ? all / block + (all % block != 0) : all;
    fits = scale->shape[k] == most;
  }
  if (!fits) m.broken("shape of scales for blocks", to_string(scale->shape));
  if (!zeros.empty() && zeros.size() != scales.size())
    m.broken("number of zero points", std::to_string(zeros.size()), std::to_string(scales.size()));
  if (m.failed()) return;
  std::vector<float> y;
  with_integer(x->type, [&]<class T>(type_tag<T>) {
    y = floats_of_blocks<T>(*x, *scale, zeros, axis, block);
  });
  m.give(c, m.new_constant(c.in[0].name, x->shape, y), false);
}
inline void dequantize_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 3)) return;
  if (is_dequantize(c.n)) only_float(m, c, "output_dtype");
  const value& x = c.in[0];
  const dtype t = m.type(x);
  if (!is_8bit(t) && t != dtype::s16 && t != dtype::u16 && t != dtype::s32)
    return m.refuse("element type of DequantizeLinear's input", std::string(name_of(t)),
                    "uint8, int8, uint16, int16, int32");
  if (const std::int64_t block = m.integer(c, "block_size", 0); block != 0)
    return dequantize_blocks(m, c, block);
  if (scaled_at_run_time(m, c)) return m.give(c, dequantized_at_run_time(m, c), x.channels_inner);
  const int axis = scale_axis(m, c);
  const quantization q = m.quantized_by(c, 1, axis);
  const tensor_id from = m.under(x, x.channels_inner, q);
  m.give(c, m.made(ops::dequantize, {from}, dtype::f32), x.channels_inner);
}

/// x, x_scale, [x_zero], y_scale, [y_zero], x of bytes. A zero point that is left out is 0.
inline bool one_quantized(emitter& m, const call& c) {
  if (!m.arity(c, 2, 5)) return false;
  if (!c.has(3)) m.broken("input 3", "absent", "a scale");
  return !m.failed() && m.is_byte(c.in[0]);
}

// ---- two operands ----

/// Whether the first of two operands stands still along ONNX's innermost axis.
inline bool repeats_first(const dims& a, const dims& b) {
  const int rank = std::max(a.rank, b.rank);
  for (int i = 0; i < rank; ++i) {
    if (a.back(i) == 1 && b.back(i) == 1) continue;
    return a.back(i) == 1;
  }
  return false;
}
/// One code everywhere.
inline tensor_id code_of_none(emitter& m, const dims& s, dtype t, std::int64_t code) {
  if (m.failed()) return no_tensor;
  if (s.rank < 0) {
    m.broken("shapes of two operands", to_string(s));
    return no_tensor;
  }
  return t == dtype::s8 ? m.filled(s, static_cast<std::int8_t>(code))
                        : m.filled(s, static_cast<std::uint8_t>(code));
}
/// a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero.
template <bool Product> void qlinear_binary_row(emitter& m, call& c) {
  if (!m.arity(c, 7, 8) || !c.has(3) || !m.is_byte(c.in[0]) || !m.is_byte(c.in[3])) return;
  // A quotient of infinite scales is no number, and ONNX Runtime makes the lowest code of it.
  if (!Product && is_infinite(m, c.in[6]) && (is_infinite(m, c.in[1]) || is_infinite(m, c.in[4])))
    return m.give(c,
                  code_of_none(m, broadcast(m.shape(c.in[0]), m.shape(c.in[3])), m.type(c.in[0]),
                               lowest_of(m.type(c.in[0]))),
                  false);
  const quantization qa = m.with_one_scale(c, 1), qb = m.with_one_scale(c, 4),
                     qy = m.with_one_scale(c, 6);
  if (m.failed()) return;
  const std::vector<value> both{c.in[0], c.in[3]};
  const bool inner = m.common_layout(both);
  const int rank = m.largest_rank(both);
  const auto operand = [&](const value& v, const quantization& q) {
    return m.under(value::of(m.operand(v, rank, inner), inner), inner, q);
  };
  const tensor_id a = operand(c.in[0], qa), b = operand(c.in[3], qb),
                  y = m.quantized(m.type(c.in[0]), qy);
  attributes attrs;
  if (const dims sa = m.shape(c.in[0]), sb = m.shape(c.in[3]); !Product && !(sa == sb))
    attrs.set("a_first", std::int64_t{repeats_first(sa, sb)});
  m.emit(Product ? ops::qnn_mul : ops::qnn_add, {a, b}, {y}, std::move(attrs));
  m.give(c, y, inner);
}
/// Operators of plain numbers.
inline void binary(emitter& m, call& c, const op_def& op, dtype result, attributes a = {}) {
  if (m.failed()) return;
  const std::vector<value> both{c.in[0], c.in[1]};
  const bool inner = m.common_layout(both);
  const int rank = m.largest_rank(both);
  const tensor_id x = m.operand(both[0], rank, inner), y = m.operand(both[1], rank, inner);
  m.give(c, m.made(op, {x, y}, result, std::move(a)), inner);
}
template <const op_def& Op> void binary_row(emitter& m, call& c) {
  if (m.arity(c, 2, 2)) binary(m, c, Op, m.type(c.in[0]));
}
template <const op_def& Op> void compare_row(emitter& m, call& c) {
  if (m.arity(c, 2, 2)) binary(m, c, Op, dtype::boolean);
}
/// Any number of operands.
template <const op_def& Op> void fold_row(emitter& m, call& c) {
  if (!m.arity(c, 1, c.in.size())) return;
  value all = c.in[0];
  for (std::size_t i = 1; i < c.in.size(); ++i) {
    call pair{c.n, {all, c.in[i]}};
    binary(m, pair, Op, m.type(all));
    if (m.failed()) return;
    all = pair.out[0];
  }
  c.out = {all};
}
inline void where_row(emitter& m, call& c);
/// Whether an operand is constants without NaN.
inline bool never_nan(emitter& m, const value& v) {
  if (!m.is_constant(v)) return false;
  const auto a = m.constant(v, "an operand");
  return a && a->type == dtype::f32 &&
         std::ranges::none_of(a->as<float>(), [](float f) { return numerics::is_nan(f); });
}
/// Min and Max of any number of operands; of floats NaN where either is. octet's own operators give
/// the first operand where the second is not beyond it.
template <const op_def& Op> void extreme_row(emitter& m, call& c) {
  if (!m.arity(c, 1, c.in.size())) return;
  value all = c.in[0];
  for (std::size_t i = 1; i < c.in.size(); ++i) {
    const value next = c.in[i];
    const bool real = m.type(all) == dtype::f32, plain = !real || never_nan(m, next),
               turned = !plain && never_nan(m, all);
    call pair{c.n, {plain ? all : next, plain ? next : all}};
    binary(m, pair, Op, m.type(all));
    if (m.failed()) return;
    if (!plain && !turned) {
      call same{c.n, {all, all}};
      binary(m, same, ops::equal, dtype::boolean);
      if (m.failed()) return;
      call choice{c.n, {same.out[0], pair.out[0], all}};
      where_row(m, choice);
      if (m.failed()) return;
      pair.out = std::move(choice.out);
    }
    all = pair.out[0];
  }
  c.out = {all};
}
/// The sum by the number of operands.
inline void mean_row(emitter& m, call& c) {
  fold_row<ops::add>(m, c);
  if (m.failed() || !m.is_real(c.out[0])) return;
  const tensor_id count = m.to.scalar_constant(static_cast<float>(c.in.size()));
  m.give(c, m.made(ops::div, {m.held(c.out[0]), count}, dtype::f32), c.out[0].channels_inner);
}
/// ONNX Runtime squares and cubes where the exponent is one number, 2 or 3.
inline void pow_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2) || !m.is_real(c.in[0])) return;
  if (m.type(c.in[1]) != dtype::f32) {
    call cast{c.n, {c.in[1]}};
    cast_to(m, cast, dtype::f32);
    if (m.failed()) return;
    c.in[1] = cast.out[0];
  }
  const bool one = m.is_constant(c.in[1]) && m.shape(c.in[1]).elements().value == 1 &&
                   m.shape(c.in[1]).rank <= m.shape(c.in[0]).rank;
  const float e = one ? m.constant_float(c.in[1], "an exponent") : 0.f;
  if (e != 2.f && e != 3.f) return binary_row<ops::pow>(m, c);
  const tensor_id x = m.held(c.in[0]);
  tensor_id y = m.made(ops::square, {x}, dtype::f32);
  if (e == 3.f) y = m.made(ops::mul, {y, x}, dtype::f32);
  m.give(c, y, c.in[0].channels_inner);
}
/// condition, a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero. A branch of another scale is
/// quantized again.
inline void qlinear_where_row(emitter& m, call& c) {
  if (!m.arity(c, 8, 9) || !m.is_byte(c.in[1]) || !m.is_byte(c.in[4])) return;
  const quantization qa = m.with_one_scale(c, 2), qb = m.with_one_scale(c, 5),
                     qy = m.with_one_scale(c, 7);
  if (m.failed()) return;
  const std::vector<value> all{c.in[0], c.in[1], c.in[4]};
  const bool inner = m.common_layout(all);
  const int rank = m.largest_rank(all);
  const dtype t = m.type(c.in[1]);
  const auto branch = [&](const value& v, const quantization& q) {
    const tensor_id x = m.under(value::of(m.operand(v, rank, inner), inner), inner, q);
    if (m.failed() || (q.scales == qy.scales && q.zero_points == qy.zero_points)) return x;
    const tensor_id to = m.quantized(t, qy);
    m.emit(ops::quantize, {m.made(ops::dequantize, {x}, dtype::f32)}, {to});
    return to;
  };
  const tensor_id a = branch(c.in[1], qa), b = branch(c.in[4], qb), y = m.quantized(t, qy);
  m.emit(ops::select, {m.operand(c.in[0], rank, inner), a, b}, {y});
  m.give(c, y, inner);
}
/// Whether an operand of floats is not constants without -0.
inline bool may_be_minus_zero(emitter& m, const value& v) {
  if (!m.is_constant(v)) return true;
  const auto a = m.constant(v, "an operand");
  return !a || std::ranges::any_of(a->as<float>(),
                                   [](float f) { return f == 0 && numerics::is_negative(f); });
}
inline void where_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 3)) return;
  const bool inner = m.common_layout(c.in);
  const int rank = m.largest_rank(c.in);
  std::vector<tensor_id> in;
  for (const value& v : c.in) in.push_back(m.operand(v, rank, inner));
  // ONNX Runtime takes the first where it is not equal to 0: no -0 of it comes through.
  if (c.n.is("Where") && m.type(c.in[1]) == dtype::f32 && may_be_minus_zero(m, c.in[1]))
    in[1] = m.made(ops::add, {in[1], m.to.scalar_constant(0.f)}, dtype::f32);
  m.give(c, m.chosen(in[0], in[1], in[2]), inner);
}

// ---- concatenation ----

/// The operands in one layout, and the axis there.
inline std::vector<tensor_id> joined(emitter& m, const call& c, const std::vector<value>& list,
                                     bool* inner, attributes* a) {
  std::vector<tensor_id> in;
  if (list.empty()) m.broken("number of inputs", "0");
  for (const value& v : list)
    if (!v.given()) m.broken("an input that is absent");
  if (m.failed()) return in;
  *inner = m.common_layout(list);
  const int rank = m.rank(list[0]), axis = m.axis(m.integer(c, "axis", 0), rank);
  if (!c.n.find("axis")) m.broken("attribute axis is missing");
  for (const value& v : list) {
    if (m.rank(v) != rank) m.broken("ranks of Concat's inputs", std::to_string(m.rank(v)));
    in.push_back(m.held(v, *inner));
  }
  a->set("axis", std::int64_t{import::axis_in_layout(axis, rank, *inner)});
  return in;
}
/// y_scale, y_zero, then of each input the value, scale and zero point.
inline void qlinear_concat_row(emitter& m, call& c) {
  if (c.in.size() < 5 || (c.in.size() - 2) % 3 != 0)
    return m.broken("number of inputs", std::to_string(c.in.size()), "2 and 3 for each value");
  const quantization qy = m.with_one_scale(c, 0);
  std::vector<value> list;
  for (std::size_t i = 2; i < c.in.size(); i += 3) {
    if (!m.is_byte(c.in[i])) return;
    list.push_back(c.in[i]);
  }
  bool inner = false;
  attributes a;
  std::vector<tensor_id> in = joined(m, c, list, &inner, &a);
  if (m.failed()) return;
  for (std::size_t i = 0; i < in.size(); ++i)
    in[i] = m.under(value::of(in[i], inner), inner, m.with_one_scale(c, 3 + 3 * i));
  if (m.failed()) return;
  const tensor_id y = m.quantized(m.type(list[0]), qy);
  m.emit(ops::qnn_concat, std::move(in), {y}, std::move(a));
  m.give(c, y, inner);
}
inline void concat_row(emitter& m, call& c) {
  bool inner = false;
  attributes a;
  std::vector<tensor_id> in = joined(m, c, c.in, &inner, &a);
  if (m.failed()) return;
  m.give(c, m.merged(ops::concat, std::move(in), std::move(a)), inner);
}

// ---- reductions ----

/// Axes are an attribute, and an input from opset `since` on. `of_function`: of ReduceL1 and
/// others, whose sums ONNX Runtime forms in memory order, but for those of everything.
inline void reduce_by(emitter& m, call& c, const op_def& op, int since, bool of_function) {
  if (!m.arity(c, 1, 2)) return;
  value x = c.in[0];
  std::vector<std::int64_t> axes = m.integers(c, "axes");
  if (m.opset >= since && c.has(1)) axes = m.constant_integers(c.in[1], "axes of a reduction");
  if (axes.empty() && m.integer(c, "noop_with_empty_axes", 0) != 0) {
    c.out = {x};
    return;
  }
  const int rank = m.rank(x);
  if (axes.empty())
    for (int i = 0; i < rank; ++i) axes.push_back(i);
  dims kept;
  std::vector<bool> gone(as_size(rank), false);
  for (std::int64_t& a : axes) {
    a = m.axis(a, rank);
    if (m.failed()) return;
    gone[as_size(a)] = true;
  }
  const bool sums = &op == &ops::mean || &op == &ops::sum,
             in_order = sums && of_function && std::ranges::find(gone, false) != gone.end();
  // The order in which ONNX Runtime sums floats follows its own layout.
  if (sums && m.type(x) == dtype::f32) x = value::of(m.held(x, false), false);
  for (std::int64_t& a : axes) a = m.axis_of(x, static_cast<int>(a));
  const dims s = m.shape(x);
  for (int i = 0; i < rank; ++i)
    if (!gone[as_size(i)]) kept.push_back(s[i]);
  if (rank == 0) {
    c.out = {x};
    return;
  }
  attributes a = in_order ? reduction_in_order(std::move(axes)) : reduction(std::move(axes));
  // The largest and the smallest code stand for the number that they stood for.
  const bool picks = &op == &ops::reduce_max || &op == &ops::reduce_min;
  const tensor_id y = picks ? m.merged(op, {m.held(x)}, std::move(a))
                            : m.made(op, {m.held(x)}, m.type(x), std::move(a));
  if (m.failed()) return;
  if (m.integer(c, "keepdims", 1) != 0) return m.give(c, y, x.channels_inner);
  m.give(c, m.reshaped(m.held(value::of(y, x.channels_inner), false), kept), false);
}
template <const op_def& Op, int Since> void reduce_row(emitter& m, call& c) {
  reduce_by(m, c, Op, Since, false);
}
inline void arg_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const int axis = m.axis(m.integer(c, "axis", 0), m.rank(c.in[0]));
  attributes a;
  a.set("axis", std::int64_t{axis});
  if (m.integer(c, "keepdims", 1) != 0) a.set("keep_dims", std::int64_t{1});
  const bool last = m.integer(c, "select_last_index", 0) != 0;  // the first from the other end
  tensor_id x = m.held(c.in[0], false);
  if (m.failed()) return;
  const std::int32_t extent = m.tensor_of(x).shape[axis];
  std::vector<std::int32_t> backwards;
  for (std::int32_t i = extent; last && i-- > 0;) backwards.push_back(i);
  if (last) x = picked(m, x, axis, backwards);
  tensor_id y =
      m.made(c.n.op == "ArgMax" ? ops::arg_max : ops::arg_min, {x}, dtype::s64, std::move(a));
  if (last) y = m.made(ops::sub, {m.to.scalar_constant(std::int64_t{extent} - 1), y}, dtype::s64);
  m.give(c, y, false);
}
inline void cumsum_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2)) return;
  const auto list = m.constant_integers(c.in[1], "the axis of CumSum");
  if (!m.failed() && list.size() != 1) m.broken("the axis of CumSum");
  if (m.failed()) return;
  attributes a;
  a.set("axis", std::int64_t{m.axis(list[0], m.rank(c.in[0]))});
  for (const char* key : {"exclusive", "reverse"})
    if (m.integer(c, key, 0) != 0) a.set(key, std::int64_t{1});
  m.give(c, m.made(ops::cumsum, {m.held(c.in[0], false)}, m.type(c.in[0]), std::move(a)), false);
}

// ---- softmax ----

/// Before opset 13 everything from the axis on is one row.
struct softmax_rows {
  tensor_id x = no_tensor;
  dims back{};  // the value's own shape, where rows were made
  bool flat = false;
  std::int64_t axis = 0;
};
inline softmax_rows read_softmax(emitter& m, const call& c, const value& x, std::int64_t version) {
  softmax_rows r;
  const int rank = m.rank(x);
  if (rank == 0) {
    m.broken("rank of a softmax", "0");
    return r;
  }
  const int axis = m.axis(m.integer(c, "axis", version < 13 ? 1 : -1), rank);
  if (m.failed()) return r;
  if (version >= 13 || axis == rank - 1) {
    r.x = m.held(x);
    r.axis = m.axis_of(x, axis);
    return r;
  }
  r.back = m.shape(x);
  r.flat = true;
  std::int64_t rows = 1, depth = 1;
  for (int i = 0; i < rank; ++i) (i < axis ? rows : depth) *= r.back[i];
  r.x = m.reshaped(m.held(x, false),
                   {static_cast<std::int32_t>(rows), static_cast<std::int32_t>(depth)});
  r.axis = 1;
  return r;
}
inline void give_softmax(emitter& m, call& c, const softmax_rows& r, tensor_id y,
                         bool channels_inner) {
  if (m.failed()) return;
  if (r.flat)
    m.give(c, m.reshaped(y, r.back), false);
  else
    m.give(c, y, channels_inner);
}
inline attributes along(std::int64_t axis) {
  attributes a;
  a.set("axis", axis);
  return a;
}
template <const op_def& Op> void softmax_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  const softmax_rows r = read_softmax(m, c, c.in[0], m.opset);
  give_softmax(m, c, r, m.made(Op, {r.x}, dtype::f32, along(r.axis)), c.in[0].channels_inner);
}
/// Rows of one element: all of the inverse scale, cut to an integer, whatever x is. (exp of the
/// element would lie so near the largest number that its product with the inverse scale does not.)
inline tensor_id softmax_of_one(emitter& m, tensor_id x, dtype t, const quantization& out) {
  const float inverse = numerics::div(1.f, static_cast<float>(out.scales[0]));
  const std::int32_t low = t == dtype::u8 ? 0 : -128, zero = out.zero_points[0],
                     code = numerics::clamp_to_int(
                         static_cast<double>(numerics::floor(inverse)) + zero, low, low + 255);
  const dims s = m.tensor_of(x).shape;
  const tensor_id y = t == dtype::u8 ? m.filled(s, static_cast<std::uint8_t>(code))
                                     : m.filled(s, static_cast<std::int8_t>(code));
  if (!m.failed()) m.set(y, out, -1);
  return y;
}
/// x, x_scale, [x_zero], y_scale, [y_zero]; `opset` is that of the Softmax it stands for.
inline void qlinear_softmax_row(emitter& m, call& c) {
  if (!one_quantized(m, c)) return;
  const value& x = c.in[0];
  // Differences that are no number: ONNX Runtime gives 0, whatever the zero point.
  if (is_infinite(m, c.in[1])) return m.give(c, code_of_none(m, m.shape(x), m.type(x), 0), false);
  const quantization in = m.with_one_scale(c, 1), out = m.with_one_scale(c, 3);
  const tensor_id scaled = m.under(x, x.channels_inner, in);
  if (m.failed()) return;
  const softmax_rows r =
      read_softmax(m, c, value::of(scaled, x.channels_inner), m.integer(c, "opset", 13));
  if (m.failed()) return;
  if (m.tensor_of(r.x).shape[static_cast<int>(r.axis)] == 1)
    return give_softmax(m, c, r, softmax_of_one(m, r.x, m.type(x), out), x.channels_inner);
  const tensor_id y = m.quantized(m.type(x), out);
  m.emit(ops::qnn_softmax, {r.x}, {y}, along(r.axis));
  give_softmax(m, c, r, y, x.channels_inner);
}

// ---- functions of one value ----

/// Of the operators that compute the last elements of a tensor another way, in ONNX's order where
/// there are such elements.
inline bool inner_by_fours(emitter& m, const value& v) {
  return v.channels_inner && m.shape(v).elements().value % 4 == 0;
}
/// Whether op is such an operator (numerics::by_fours).
inline bool computes_last_apart(const op_def& op) {
  constexpr auto functions = static_cast<std::size_t>(octet::unary::softplus) + 1;
  return []<std::size_t... I>(const op_def& of, std::index_sequence<I...>) {
    return ((of.prepare == &ops::unary_prepare<static_cast<octet::unary>(I), false> &&
             numerics::by_fours(numerics::ort_function_of(static_cast<octet::unary>(I)))) ||
            ...);
  }
  (op, std::make_index_sequence<functions>());
}
inline void unary(emitter& m, call& c, const op_def& op, attributes a = {}) {
  if (m.failed() || !m.is_real(c.in[0])) return;
  const bool inner = computes_last_apart(op) ? inner_by_fours(m, c.in[0]) : c.in[0].channels_inner;
  m.give(c, m.made(op, {m.held(c.in[0], inner)}, dtype::f32, std::move(a)), inner);
}
template <const op_def& Op> void unary_row(emitter& m, call& c) {
  if (m.arity(c, 1, 1)) unary(m, c, Op);
}
/// -1, 0 or 1, of NaN itself; integers by two comparisons.
inline void sign_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const dtype t = m.type(c.in[0]);
  if (t == dtype::f32) {
    const tensor_id x = m.held(c.in[0]), number = m.made(ops::equal, {x, x}, dtype::boolean),
                    y = m.made(ops::sign, {x}, dtype::f32);
    return m.give(c, m.made(ops::select, {number, y, x}, t), c.in[0].channels_inner);
  }
  if (t != dtype::s32 && t != dtype::s64) return unary(m, c, ops::sign);
  const tensor_id x = m.held(c.in[0]), none = t == dtype::s64
                                                  ? m.to.scalar_constant(std::int64_t{0})
                                                  : m.to.scalar_constant(std::int32_t{0});
  const auto side = [&](const op_def& op) {
    return m.made(ops::cast, {m.made(op, {x, none}, dtype::boolean)}, t);
  };
  const tensor_id above = side(ops::greater), below = side(ops::less);
  m.give(c, m.made(ops::sub, {above, below}, t), c.in[0].channels_inner);
}
template <const op_def& Op> void slope_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  attributes a;
  a.set("alpha", static_cast<double>(m.real(c, "alpha", c.n.op == "Elu" ? 1.f : 0.01f)));
  unary(m, c, Op, std::move(a));
}
inline void gelu_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const std::string how = m.text(c, "approximate", "none");
  if (how != "none" && how != "tanh") return m.refuse("approximate", how, "none, tanh");
  attributes a;
  if (how == "tanh") a.set("approximate", std::int64_t{1});
  unary(m, c, ops::gelu, std::move(a));
}
/// max(0, min(1, alpha * x + beta)).
inline tensor_id hard_sigmoid(emitter& m, tensor_id x, float alpha, float beta) {
  const tensor_id y = m.made(ops::mul, {x, m.to.scalar_constant(alpha)}, dtype::f32);
  attributes a;
  a.set("float_lo", 0.), a.set("float_hi", 1.);
  return m.made(ops::add, {y, m.to.scalar_constant(beta)}, dtype::f32, std::move(a));
}
inline void hard_sigmoid_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  const float alpha = m.real(c, "alpha", 0.2f), beta = m.real(c, "beta", 0.5f);
  m.give(c, hard_sigmoid(m, m.held(c.in[0]), alpha, beta), c.in[0].channels_inner);
}
/// ONNX Runtime: x * HardSigmoid(x) of a sixth and a half.
inline void hard_swish_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  const tensor_id x = m.held(c.in[0]);
  m.give(c, m.made(ops::mul, {x, hard_sigmoid(m, x, 1.f / 6, 0.5f)}, dtype::f32),
         c.in[0].channels_inner);
}
inline void reciprocal_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  m.give(c, m.made(ops::div, {m.to.scalar_constant(1.f), m.held(c.in[0])}, dtype::f32),
         c.in[0].channels_inner);
}
inline void neg_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const tensor_id x = m.held(c.in[0]);
  const dtype t = m.type(c.in[0]);
  tensor_id y = no_tensor;
  if (t == dtype::s64)
    y = m.made(ops::sub, {m.to.scalar_constant(std::int64_t{0}), x}, t);
  else if (t == dtype::s32)
    y = m.made(ops::sub, {m.to.scalar_constant(std::int32_t{0}), x}, t);
  else
    y = m.made(ops::neg, {x}, t);
  m.give(c, y, c.in[0].channels_inner);
}
inline void not_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  if (m.type(c.in[0]) != dtype::boolean)
    return m.refuse("an input of Not", std::string(name_of(m.type(c.in[0]))), "bool");
  const std::uint8_t no = 0;
  const tensor_id f = m.to.g.add_constant("", dtype::boolean, {},
                                          constant_data::of(std::span<const std::uint8_t>(&no, 1)));
  m.give(c, m.made(ops::equal, {m.held(c.in[0]), f}, dtype::boolean), c.in[0].channels_inner);
}
/// Bounds of floats, or of codes as they are.
inline void bounded(emitter& m, call& c, std::optional<double> lo, std::optional<double> hi) {
  const value& x = c.in[0];
  if (m.failed()) return;
  attributes a;
  if (m.type(x) == dtype::f32) {
    constexpr double most = std::numeric_limits<float>::max();  // infinities become it
    a.set("float_lo", lo.value_or(-most)), a.set("float_hi", hi.value_or(most));
    return m.give(
        c, m.made(ops::mul, {m.held(x), m.to.scalar_constant(1.f)}, dtype::f32, std::move(a)),
        x.channels_inner);
  }
  if (!m.is_byte(x)) return;
  if (lo) a.set("clamp_lo", static_cast<std::int64_t>(*lo));
  if (hi) a.set("clamp_hi", static_cast<std::int64_t>(*hi));
  m.give(c, m.moved(ops::qnn_relu, m.held(x), std::move(a)), x.channels_inner);
}
inline void relu_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  if (m.type(c.in[0]) == dtype::f32) return unary(m, c, ops::relu);
  bounded(m, c, 0., {});
}
/// Bounds are attributes before opset 11.
inline void clip_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 3)) return;
  if (const dtype t = m.type(c.in[0]); t == dtype::s32 || t == dtype::s64) {
    value y = c.in[0];
    for (std::size_t k = 1; k < 3; ++k) {
      if (!c.has(k) || m.failed()) continue;
      call pair{c.n, {y, c.in[k]}};
      binary(m, pair, k == 1 ? ops::maximum : ops::minimum, t);
      if (!m.failed()) y = pair.out[0];
    }
    if (!m.failed()) c.out = {y};
    return;
  }
  std::optional<double> ends[2];
  for (std::size_t k = 0; k < 2; ++k) {
    const char* key = k == 0 ? "min" : "max";
    if (m.opset < 11) {
      if (c.n.find(key)) ends[k] = static_cast<double>(m.real(c, key, 0));
      continue;
    }
    if (!c.has(k + 1)) continue;
    if (m.type(c.in[k + 1]) == dtype::f32) {
      ends[k] = static_cast<double>(m.constant_float(c.in[k + 1], "a bound of Clip"));
    } else {
      const auto z = m.zero_points_of(c.in[k + 1]);
      if (z.size() == 1) ends[k] = static_cast<double>(z[0]);
    }
  }
  bounded(m, c, ends[0], ends[1]);
}
/// x, x_scale, [x_zero], y_scale, [y_zero].
template <const op_def& Op> void qlinear_unary_row(emitter& m, call& c) {
  if (!one_quantized(m, c)) return;
  const quantization in = m.with_one_scale(c, 1), out = m.with_one_scale(c, 3);
  const value& x = c.in[0];
  attributes a;
  if (c.n.op == "QLinearLeakyRelu") a.set("alpha", static_cast<double>(m.real(c, "alpha", 0.01f)));
  const tensor_id from = m.under(x, x.channels_inner, in);
  if (m.failed()) return;
  const tensor_id y = m.quantized(m.type(x), out);
  m.emit(Op, {from}, {y}, std::move(a));
  m.give(c, y, x.channels_inner);
}
/// x, scale, bias, mean, variance: x * f + (bias - mean * f), f = scale / sqrt(variance + epsilon).
inline void batch_normalization_row(emitter& m, call& c) {
  if (!m.arity(c, 5, 5) || !m.is_real(c.in[0])) return;
  for (std::size_t i = 1; i < c.n.out.size(); ++i)
    if (!c.n.out[i].empty()) return m.refuse("BatchNormalization in training mode");
  const dims s = m.shape(c.in[0]);
  if (s.rank < 2) return m.broken("rank", std::to_string(s.rank), "2 or more");
  const float eps = m.real(c, "epsilon", 1e-5f);
  std::vector<float> list[4];
  for (std::size_t k = 0; k < 4; ++k) {
    list[k] = m.constant_floats(c.in[k + 1], "a parameter of BatchNormalization");
    if (m.failed()) return;
    if (list[k].size() != as_size(s[1]))
      return m.broken("parameters of BatchNormalization", std::to_string(list[k].size()),
                      std::to_string(s[1]));
  }
  std::vector<float> factor, offset;
  for (std::size_t k = 0; k < list[0].size(); ++k) {
    const float root = numerics::sqrt_f32(numerics::add(list[3][k], eps));
    // Of blocks it is a convolution with the quotient as its weight.
    factor.push_back(c.in[0].in_blocks() ? numerics::div(list[0][k], root)
                                         : numerics::mul(numerics::div(1.f, root), list[0][k]));
    offset.push_back(numerics::sub(list[1][k], numerics::mul(list[2][k], factor[k])));
    if (!numerics::is_finite(factor[k]) || !numerics::is_finite(offset[k]))
      return m.broken("a variance", std::to_string(list[3][k]));
  }
  const tensor_id x = m.made(ops::mul, {m.held(c.in[0], true), m.to.constant(factor)}, dtype::f32);
  m.give(c, m.made(ops::add, {x, m.to.constant(offset)}, dtype::f32), true);
}

// ---- resizing ----

/// Factors and extents of height and width; one axis is a row of height 1.
struct resizing {
  bool row = false, channels_last = false;  // axes 1 and 2 of four are the image's
  std::array<std::int32_t, 2> in{1, 1}, out{1, 1};
  std::array<float, 2> factor{1, 1};  // as the file gives it, or the ratio of the extents
};
/// Axes that the node's factors or extents are for: all of them unless it says which.
inline std::vector<int> resized_axes(emitter& m, const call& c, int rank) {
  std::vector<int> axes;
  for (const std::int64_t a : m.integers(c, "axes")) axes.push_back(m.axis(a, rank));
  const bool all = axes.empty();
  for (int i = 0; all && i < rank; ++i) axes.push_back(i);
  std::vector<int> once = axes;
  std::sort(once.begin(), once.end());
  if (std::adjacent_find(once.begin(), once.end()) != once.end())
    m.broken("axes of Resize that repeat");
  return axes;
}
/// One factor for all axes, so that no extent is larger (or smaller) than asked for.
inline void keep_aspect_ratio(emitter& m, const call& c, const dims& x,
                              const std::vector<int>& axes, std::vector<double>& out,
                              std::vector<float>& factor) {
  const std::string policy = m.text(c, "keep_aspect_ratio_policy", "stretch");
  if (m.failed() || policy == "stretch") return;
  if (policy != "not_larger" && policy != "not_smaller")
    return m.refuse("keep_aspect_ratio_policy", policy, "stretch, not_larger, not_smaller");
  float all = factor[as_size(axes[0])];
  for (const int a : axes) {
    const float f = factor[as_size(a)];
    all = policy == "not_larger" ? std::min(all, f) : std::max(all, f);
  }
  for (const int a : axes) {
    const auto k = as_size(a);
    factor[k] = all;
    out[k] = std::round(static_cast<double>(numerics::mul(all, static_cast<float>(x[a]))));
  }
}
inline resizing read_resizing(emitter& m, const call& c) {
  resizing r;
  const dims x = m.shape(c.in[0]);
  if (x.rank != 3 && x.rank != 4) {
    m.refuse("rank of an image to resize", std::to_string(x.rank), "3, 4");
    return r;
  }
  const bool roi = m.opset >= 11;
  std::vector<float> scales;
  std::vector<std::int64_t> sizes;
  const std::size_t at = roi ? 2 : 1;
  if (c.has(at) && m.shape(c.in[at]).elements().value != 0)
    scales = m.constant_floats(c.in[at], "scales of Resize");
  if (roi && c.has(3) && m.shape(c.in[3]).elements().value != 0)
    sizes = m.constant_integers(c.in[3], "sizes of Resize");
  if (c.n.find("scales")) scales = c.n.find("scales")->reals;  // Upsample before opset 9
  const std::vector<int> axes = resized_axes(m, c, x.rank);
  if (m.failed()) return r;
  if ((sizes.empty() ? scales.size() : sizes.size()) != axes.size()) {
    m.broken("scales or sizes of Resize", std::to_string(scales.size() + sizes.size()),
             std::to_string(axes.size()));
    return r;
  }
  std::vector<double> out;
  for (const std::int32_t extent : x) out.push_back(extent);
  std::vector<float> factor(out.size(), 1.f);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const auto k = as_size(axes[i]);
    const auto extent = static_cast<float>(x[axes[i]]);
    out[k] = sizes.empty() ? std::floor(static_cast<double>(numerics::mul(extent, scales[i])))
                           : static_cast<double>(sizes[i]);
    factor[k] = sizes.empty() ? scales[i] : numerics::div(static_cast<float>(out[k]), extent);
  }
  if (!sizes.empty()) keep_aspect_ratio(m, c, x, axes, out, factor);
  r.row = x.rank == 3;
  r.channels_last = !r.row && out[1] != x[1] && out[3] == x[3];
  const int first = r.channels_last ? 1 : 2;
  for (int i = 0; i < x.rank && !m.failed(); ++i) {
    const auto k = as_size(i);
    if (!(out[k] >= 1) || out[k] > 1 << 24) {
      m.broken("extent of a resized image", std::to_string(out[k]));
    } else if (i < first || i > first + 1) {
      if (out[k] != x[i]) m.refuse("Resize of batch or channels");
    } else {
      const std::size_t to = r.row ? 1 : k - as_size(first);
      r.in[to] = x[i], r.out[to] = static_cast<std::int32_t>(out[k]);
      r.factor[to] = factor[k];
      if (!(factor[k] > 0)) m.broken("scales of Resize");
      // What each row and column is made of is found one by one.
      if (!m.check(m.to.work.spend(32 * as_size(r.out[to])))) return r;
    }
  }
  return r;
}
/// ONNX Runtime's source coordinate of output o.
inline float source_of(std::int32_t o, std::int32_t in, std::int32_t out, float factor,
                       const std::string& how) {
  const auto i = static_cast<float>(o);
  if (how == "align_corners")
    return out > 1 ? numerics::div(numerics::mul(i, static_cast<float>(in - 1)),
                                   static_cast<float>(out - 1))
                   : 0.f;
  if (how == "asymmetric") return numerics::div(i, factor);
  if (how == "tf_half_pixel_for_nn") return numerics::div(numerics::add(i, 0.5f), factor);
  if (how == "pytorch_half_pixel" && out == 1) return 0.f;
  if (how == "half_pixel_symmetric") {
    const auto extent = static_cast<float>(in);
    const float share = numerics::div(static_cast<float>(out), numerics::mul(factor, extent)),
                offset = numerics::mul(numerics::div(extent, 2.f), numerics::sub(1.f, share));
    return numerics::sub(numerics::add(offset, numerics::div(numerics::add(i, 0.5f), factor)),
                         0.5f);
  }
  return numerics::sub(numerics::div(numerics::add(i, 0.5f), factor), 0.5f);
}
inline std::vector<std::int32_t> nearest_list(const resizing& r, std::size_t k,
                                              const std::string& how, const std::string& nearest) {
  std::vector<std::int32_t> list;
  for (std::int32_t o = 0; o < r.out[k]; ++o) {
    const float at = source_of(o, r.in[k], r.out[k], r.factor[k], how);
    float v = 0;
    if (nearest == "floor")
      v = numerics::floor(at);
    else if (nearest == "ceil")
      v = -numerics::floor(-at);
    else if (nearest == "round_prefer_ceil")
      v = numerics::floor(numerics::add(at, 0.5f));
    else
      v = -numerics::floor(-numerics::sub(at, 0.5f));
    list.push_back(numerics::clamp_to_int(static_cast<double>(v), 0, r.in[k] - 1));
  }
  return list;
}
/// Elements of one axis of a resized image, and what each counts.
struct tap {
  std::vector<std::int32_t> index;
  std::vector<float> weight;
};
/// The sum of an image's taps along axis k (0: height), in their order.
inline tensor_id weighted(emitter& m, tensor_id x, std::size_t k, const std::vector<tap>& taps) {
  tensor_id sum = no_tensor;
  for (const tap& t : taps) {
    if (m.failed()) return no_tensor;
    const auto extent = static_cast<std::int32_t>(t.weight.size());
    const tensor_id weights =
                        m.new_constant("", k == 0 ? dims{extent, 1, 1} : dims{extent, 1}, t.weight),
                    pixels = picked(m, x, static_cast<std::int64_t>(1 + k), t.index),
                    part = m.made(ops::mul, {pixels, weights}, dtype::f32);
    sum = sum == no_tensor ? part : m.made(ops::add, {sum, part}, dtype::f32);
  }
  return m.failed() ? no_tensor : sum;
}
/// Linear resizing of floats by a factor that is not the ratio of the extents: two pixels of each
/// axis by their distance.
inline tensor_id blended(emitter& m, tensor_id x, const resizing& r, const std::string& how) {
  for (std::size_t k = 0; k < 2; ++k) {
    std::vector<tap> taps(2);
    for (std::int32_t o = 0; o < r.out[k]; ++o) {
      const float last = static_cast<float>(r.in[k] - 1),
                  at = std::clamp(source_of(o, r.in[k], r.out[k], r.factor[k], how), 0.f, last),
                  low = numerics::floor(at), share = numerics::sub(at, low);
      const auto below = static_cast<std::int32_t>(low);
      taps[0].index.push_back(below), taps[1].index.push_back(std::min(below + 1, r.in[k] - 1));
      taps[0].weight.push_back(numerics::sub(1.f, share)), taps[1].weight.push_back(share);
    }
    x = weighted(m, x, k, taps);
  }
  return x;
}
/// Linear resizing of codes that are held channels last: two pixels of each axis by their distance
/// in 1024ths, cut; the last pixel is itself by halves. The sum is cut toward zero.
inline tensor_id blended_in_1024ths(emitter& m, tensor_id x, const resizing& r,
                                    const std::string& how) {
  if (m.failed()) return no_tensor;
  const dtype t = m.tensor_of(x).type;
  tensor_id y = m.made(ops::cast, {m.without_scales(x)}, dtype::s32);
  for (std::size_t k = 0; k < 2; ++k) {
    std::vector<std::int32_t> index[2], weight[2];
    for (std::int32_t o = 0; o < r.out[k]; ++o) {
      const float last = static_cast<float>(r.in[k] - 1),
                  at = std::clamp(source_of(o, r.in[k], r.out[k], r.factor[k], how), 0.f, last),
                  low = numerics::floor(at);
      const auto below = static_cast<std::int32_t>(low), above = std::min(below + 1, r.in[k] - 1),
                 share =
                     below == above
                         ? 512
                         : static_cast<std::int32_t>(numerics::mul(numerics::sub(at, low), 1024.f));
      index[0].push_back(below), index[1].push_back(above);
      weight[0].push_back(1024 - share), weight[1].push_back(share);
    }
    const dims s = k == 0 ? dims{r.out[k], 1, 1} : dims{r.out[k], 1};
    const auto part = [&](std::size_t i) {
      const tensor_id pixels = picked(m, y, static_cast<std::int64_t>(1 + k), index[i]);
      return integers_of(m, ops::mul, {pixels, m.new_constant("", s, weight[i])});
    };
    const tensor_id below = part(0), above = part(1);
    y = integers_of(m, ops::add, {below, above});
  }
  y = integers_of(m, ops::div, {y, m.to.scalar_constant(std::int32_t{1 << 20})});
  y = m.made(ops::cast, {y}, t);
  if (m.failed()) return no_tensor;
  const octet::tensor from = m.tensor_of(x);
  return from.scales.empty() ? y : m.alias(y, {from.scales, from.zero_points, -1}, -1);
}
/// A pixel's weight at a distance up to 1: ((a + 2) d - (a + 3)) d d + 1.
inline float near_weight(float d, float a) {
  using numerics::add, numerics::mul, numerics::sub;
  return add(mul(mul(sub(mul(add(a, 2.f), d), add(a, 3.f)), d), d), 1.f);
}
/// Weights of the pixels at -1, 0, 1, 2 around a place that is `s` behind pixel 0.
inline std::array<float, 4> cubic_weights(float s, float a) {
  using numerics::add, numerics::mul, numerics::sub;
  // |d| > 1: ((a d - 5 a) d + 8 a) d - 4 a
  const auto far = [&](float d) {
    const float inner = add(mul(sub(mul(a, d), mul(5.f, a)), d), mul(8.f, a));
    return sub(mul(inner, d), mul(4.f, a));
  };
  return {far(add(s, 1.f)), near_weight(s, a), near_weight(sub(1.f, s), a), far(sub(2.f, s))};
}
/// Cubic resizing of floats: four pixels of each axis, columns first. Beyond the image its border
/// goes on, or (exclude_outside) nothing counts and the rest is scaled up to 1.
inline tensor_id cubic(emitter& m, tensor_id x, const resizing& r, const std::string& how,
                       float coefficient, bool exclude_outside) {
  for (const std::size_t k : {std::size_t{1}, std::size_t{0}}) {
    std::vector<tap> taps(4);
    bool same = r.in[k] == r.out[k];
    for (std::int32_t o = 0; o < r.out[k]; ++o) {
      const float at = source_of(o, r.in[k], r.out[k], r.factor[k], how), low = numerics::floor(at);
      same &= at == static_cast<float>(o);
      auto weights = cubic_weights(numerics::sub(at, low), coefficient);
      const auto first = numerics::clamp_to_int(static_cast<double>(low), -(1 << 25), 1 << 25) - 1;
      float sum = 0;
      for (std::int32_t i = 0; i < 4; ++i) {
        float& w = weights[as_size(i)];
        if (exclude_outside && (first + i < 0 || first + i >= r.in[k])) w = 0;
        sum = numerics::add(sum, w);
      }
      for (std::int32_t i = 0; i < 4; ++i) {
        tap& t = taps[as_size(i)];
        const float w = weights[as_size(i)];
        t.index.push_back(std::clamp(first + i, 0, r.in[k] - 1));
        t.weight.push_back(exclude_outside ? numerics::div(w, sum) : w);
      }
    }
    if (!same) x = weighted(m, x, k, taps);
  }
  return x;
}
/// A filter's window around one output of an antialiased axis.
struct antialias_filter {
  bool cubic = false;
  float coefficient = -0.75f;

  float operator()(float d) const {
    using numerics::add, numerics::mul, numerics::sub;
    d = std::fabs(d);
    if (d < 1) return cubic ? near_weight(d, coefficient) : sub(1.f, d);
    if (!cubic || !(d < 2)) return 0;
    return mul(sub(mul(add(mul(sub(d, 5.f), d), 8.f), d), 4.f), coefficient);
  }
};
/// The pixels that output `o` is a sum of, from `first` on, and what each counts. Those outside of
/// the image count for its border, or not at all.
inline std::vector<float> antialias_weights(const antialias_filter& filter, float center,
                                            float support, float inverse, std::int32_t extent,
                                            bool exclude_outside, std::int32_t& first) {
  using numerics::add, numerics::floor, numerics::mul, numerics::sub;
  const auto place = [](float v) {
    return numerics::clamp_to_int(static_cast<double>(v), -(1 << 26), 1 << 26);
  };
  const std::int32_t low = place(floor(add(sub(center, support), 0.5f))),
                     high = place(floor(add(add(center, support), 0.5f)));
  first = std::clamp(low, 0, extent - 1);
  std::vector<float> list(as_size(std::max(std::min(high, extent), first + 1) - first));
  std::vector<float> before, after;
  float total = 0;
  for (std::int32_t i = low; i < high; ++i) {
    const bool outside = i < 0 || i >= extent;
    if (outside && exclude_outside) continue;
    const float w = filter(mul(add(sub(static_cast<float>(i), center), 0.5f), inverse));
    total = add(total, w);
    if (outside)
      (i < 0 ? before : after).push_back(w);
    else
      list[as_size(i - first)] = w;
  }
  for (const float w : before) list.front() = add(list.front(), w);
  for (const float w : after) list.back() = add(list.back(), w);
  const float share = total == 0 ? 1.f : numerics::div(1.f, total);
  for (float& w : list) w = mul(w, share);
  return list;
}
/// Linear or cubic resizing of floats in which an image that shrinks is a sum of all its pixels:
/// the filter is as much wider. Columns first.
inline tensor_id antialiased(emitter& m, tensor_id x, const resizing& r, const std::string& how,
                             const antialias_filter& filter, bool exclude_outside) {
  using numerics::add, numerics::mul;
  for (const std::size_t k : {std::size_t{1}, std::size_t{0}}) {
    if (r.in[k] == r.out[k] && r.factor[k] == 1.f) continue;
    const float scale = numerics::div(1.f, r.factor[k]), half = filter.cubic ? 2.f : 1.f,
                support = scale >= 1.f ? mul(half, scale) : half,
                inverse = scale >= 1.f ? numerics::div(1.f, scale) : 1.f;
    const double width = std::min(2. * static_cast<double>(support) + 3, 0x1p27);
    std::vector<tap> taps;
    for (std::int32_t o = 0; o < r.out[k]; ++o) {
      if (!m.check(m.to.work.spend(static_cast<std::size_t>(width)))) return no_tensor;
      const float at =
          scale == 1.f ? static_cast<float>(o) : source_of(o, r.in[k], r.out[k], r.factor[k], how);
      std::int32_t first = 0;
      const auto list = antialias_weights(filter, add(0.5f, at), support, inverse, r.in[k],
                                          exclude_outside, first);
      if (!m.check(m.to.work.spend(taps.size()))) return no_tensor;
      for (std::size_t i = taps.size(); i < list.size(); ++i)
        taps.push_back(
            {std::vector<std::int32_t>(as_size(o), 0), std::vector<float>(as_size(o), 0.f)});
      for (std::size_t i = 0; i < taps.size(); ++i) {
        taps[i].index.push_back(i < list.size() ? first + static_cast<std::int32_t>(i) : 0);
        taps[i].weight.push_back(i < list.size() ? list[i] : 0.f);
      }
    }
    x = weighted(m, x, k, taps);
  }
  return x;
}
/// One operator where its rows and columns are the same, else by index.
inline tensor_id nearest(emitter& m, tensor_id x, const resizing& r, const std::string& how,
                         const std::string& mode) {
  const std::vector<std::int32_t> lists[2] = {nearest_list(r, 0, how, mode),
                                              nearest_list(r, 1, how, mode)};
  for (const bool half : {false, true}) {
    bool same = true;
    for (std::size_t k = 0; k < 2; ++k)
      for (std::int32_t o = 0; o < r.out[k]; ++o)
        same &= lists[k][as_size(o)] == nearest_source(o, r.in[k], r.out[k], false, half);
    if (!same) continue;
    resize_attrs a;
    a.out_h = r.out[0], a.out_w = r.out[1];
    a.half_pixel_centers = half;
    return m.moved(ops::resize_nearest, x, to_attributes(a));
  }
  for (std::size_t k = 0; k < 2; ++k) x = picked(m, x, static_cast<std::int64_t>(k) + 1, lists[k]);
  return x;
}
/// Linear resizing of floats or codes, as ONNX Runtime runs images whose channels come first.
inline tensor_id bilinear(emitter& m, tensor_id x, const resizing& r, const std::string& how,
                          bool real) {
  // The operator's places are counted from the edge.
  const bool own = how != "half_pixel_symmetric" &&
                   !(how == "pytorch_half_pixel" && (r.out[0] == 1 || r.out[1] == 1));
  if (!own) {
    if (real) return blended(m, x, r, how);
    m.refuse("coordinate_transformation_mode of 8-bit values", how);
    return no_tensor;
  }
  resize_attrs a;
  a.out_h = r.out[0], a.out_w = r.out[1];
  a.align_corners = how == "align_corners";
  a.half_pixel_centers = how == "half_pixel" || how == "pytorch_half_pixel";
  a.scale_h = static_cast<double>(r.factor[0]), a.scale_w = static_cast<double>(r.factor[1]);
  return m.moved(real ? ops::resize_bilinear : ops::qnn_resize_bilinear, x, to_attributes(a));
}
inline void resize_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 4)) return;
  const bool old = m.opset < 11;
  const std::string mode = m.text(c, "mode", "nearest"),
                    how = m.text(c, "coordinate_transformation_mode",
                                 old ? "asymmetric" : "half_pixel"),
                    rounds = m.text(c, "nearest_mode", old ? "floor" : "round_prefer_floor");
  const resizing r = read_resizing(m, c);
  if (m.failed()) return;
  const bool known = how == "half_pixel" || how == "pytorch_half_pixel" || how == "asymmetric" ||
                     how == "align_corners" || how == "half_pixel_symmetric" ||
                     (mode == "nearest" && how == "tf_half_pixel_for_nn");
  if (!known) return m.refuse("coordinate_transformation_mode", how);
  if (r.channels_last && (mode == "cubic" || m.integer(c, "antialias", 0) != 0))
    return m.refuse("Resize of batch or channels", mode, "nearest, linear without antialias");
  const tensor_id x = image_of(m, m.held(c.in[0], !r.channels_last));
  const auto give = [&](tensor_id y) { m.give(c, from_image(m, y, r.row), !r.channels_last); };
  if (mode == "nearest") {
    const bool rounding_known = rounds == "floor" || rounds == "ceil" ||
                                rounds == "round_prefer_floor" || rounds == "round_prefer_ceil";
    if (!rounding_known) return m.refuse("nearest_mode", rounds);
    return give(nearest(m, x, r, how, rounds));
  }
  const bool real = m.type(c.in[0]) == dtype::f32,
             outside = m.integer(c, "exclude_outside", 0) != 0;
  if (mode != "linear" && mode != "bilinear" && mode != "cubic")
    return m.refuse("mode of Resize", mode, "nearest, linear, cubic");
  const float coefficient = m.real(c, "cubic_coeff_a", -0.75f);
  if (m.integer(c, "antialias", 0) != 0) {
    if (!real) return m.refuse("antialias of 8-bit values", "1", "0");
    return give(antialiased(m, x, r, how, {mode == "cubic", coefficient}, outside));
  }
  if (mode == "cubic") {
    if (m.is_real(c.in[0])) give(cubic(m, x, r, how, coefficient, outside));
    return;
  }
  if (!real && !m.is_byte(c.in[0])) return;
  if (!real && r.channels_last) return m.refuse("linear Resize of 8-bit values, channels last");
  if (real || !c.in[0].codes_last) return give(bilinear(m, x, r, how, real));
  if (r.factor[0] != 1.f) return give(blended_in_1024ths(m, x, r, how));
  // An axis of factor 1 in place of the height is taken for the channels of the file's own order,
  // so that the image has the width as its height and the channels as its width.
  if (m.failed()) return;
  resizing other = r;
  other.out = {r.out[1], m.tensor_of(x).shape[3]}, other.factor = {r.factor[1], 1.f};
  const auto turned = [&](tensor_id t, std::vector<std::int64_t> order) {
    attributes a;
    a.set("perm", std::move(order));
    return m.moved(ops::transpose, t, std::move(a));
  };
  give(turned(bilinear(m, turned(x, {0, 2, 3, 1}), other, how, false), {0, 3, 1, 2}));
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_VALUES_HPP_

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
// ---- octet/import/onnx/fuse.hpp
// Q/DQ graphs as ONNX Runtime 1.32 runs them on x86: which groups of DequantizeLinear, an operator
// and QuantizeLinear become one quantized operator, and which stay float. Its graph passes decide
// it, one after another; here each is one function that says what the pass looks for.
#ifndef OCTET_IMPORT_ONNX_FUSE_HPP_
#define OCTET_IMPORT_ONNX_FUSE_HPP_

#include <algorithm>
#include <cmath>
#include <set>

// ---- octet/import/onnx/extents.hpp
// Shapes of a file's values as far as they follow before the shapes of its inputs are given: ONNX
// Runtime's graph passes ask what the file itself says.
#ifndef OCTET_IMPORT_ONNX_EXTENTS_HPP_
#define OCTET_IMPORT_ONNX_EXTENTS_HPP_

#include <algorithm>
#include <set>

// ---- octet/import/onnx/shape_lists.hpp
// Lists of extents that a file computes for Reshape, as ONNX Runtime's ReshapeFusion reads them
// before any shape is given: numbers, extents of other values, and what is one number.
#ifndef OCTET_IMPORT_ONNX_SHAPE_LISTS_HPP_
#define OCTET_IMPORT_ONNX_SHAPE_LISTS_HPP_

#include <set>


OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class shape_lists {
 public:
  /// An element of a list: a number, or else extent `index` of the value `of`; without a name it is
  /// one number that is computed of others.
  struct element {
    std::int64_t number = -1;
    std::string of;
    std::int64_t index = -1;
    bool computed = false;
  };

  /// `m` keeps its constants, and may take in more of them; its nodes may go.
  explicit shape_lists(const model& m) : constants_(m.constants) {
    static const std::set<std::string_view> ops{"Shape", "Gather", "Unsqueeze", "Concat", "Add",
                                                "Sub",   "Mul",    "Div",       "Cast"};
    for (const node& n : m.nodes)
      if (n.domain.empty() && n.out.size() == 1 && ops.contains(n.op)) made_.emplace(n.out[0], n);
    const auto count = [&](const std::string& name) {
      if (const node* n = producer(name); n && n->op == "Concat") ++readers_of_[name];
    };
    for (const node& n : m.nodes)
      for (const std::string& in : n.in) count(in);
    for (const value_info& v : m.outputs) count(v.name);
  }
  /// What a Concat that one node reads puts together. Equal ones are one in ONNX Runtime.
  std::optional<std::vector<element>> find(const std::string& name) {
    const node* n = producer(name);
    if (!n || n->op != "Concat" || readers(name) != 1) return {};
    std::vector<element> list;
    for (const std::string& in : n->in) {
      if (const array* a = constant(in)) {
        if (a->type != dtype::s64 || list.size() + a->elements() > most_elements) return {};
        for (const std::int64_t v : a->as<std::int64_t>()) list.emplace_back().number = v;
        continue;
      }
      const auto part = part_of(in);
      if (!part || list.size() >= most_elements) return {};
      list.push_back(*part);
    }
    return list;
  }

 private:
  // What no exporter writes costs no time.
  static constexpr int most_steps = 16;
  static constexpr std::size_t most_elements = 64, most_inputs = 8;

  const node* producer(const std::string& name) const {
    const auto it = made_.find(name);
    return it == made_.end() ? nullptr : &it->second;
  }
  const array* constant(const std::string& name) const {
    const auto it = constants_.find(name);
    return name.empty() || it == constants_.end() ? nullptr : &it->second;
  }
  /// Of all Concats that give the same. Keys are made when the file's constants are there.
  std::size_t readers(const std::string& name) {
    if (readers_.empty())
      for (const auto& [list, count] : readers_of_) readers_[key_of(list, 0)] += count;
    return readers_[key_of(name, 0)];
  }
  /// The one number of a constant without an axis.
  std::optional<std::int64_t> number(const std::string& name) const {
    const array* a = constant(name);
    if (!a || a->shape.rank != 0) return {};
    if (a->type == dtype::s64) return a->as<std::int64_t>()[0];
    return a->type == dtype::s32 ? std::optional(std::int64_t{a->as<std::int32_t>()[0]})
                                 : std::nullopt;
  }
  /// Unsqueeze on axis 0 of an extent, or of what is computed of extents.
  std::optional<element> part_of(const std::string& name) {
    const node* n = producer(name);
    if (!n || n->op != "Unsqueeze") return {};
    std::vector<std::int64_t> axes;
    if (const attribute* a = n->find("axes")) axes = a->integers;
    if (const array* a = constant(n->input(1)); a && a->type == dtype::s64)
      axes.assign(a->as<std::int64_t>().begin(), a->as<std::int64_t>().end());
    if (axes != std::vector<std::int64_t>{0} || !is_one_number(n->input(0), 0)) return {};
    element e;
    e.computed = true;
    const node* gather = producer(n->input(0));
    if (gather && gather->op == "Gather")
      e.of = producer(gather->in[0])->input(0), e.index = *number(gather->in[1]);
    return e;
  }
  /// An extent, or arithmetic of one. Values that are one are looked at once, whatever the ways to
  /// them: those of x + x, its double and so on are two to the power of their number.
  bool is_one_number(const std::string& name, int steps) {
    if (one_number_.contains(name)) return true;
    const bool is = finds_one_number(name, steps);
    if (is) one_number_.insert(name);
    return is;
  }
  bool finds_one_number(const std::string& name, int steps) {
    const node* n = producer(name);
    if (!n || steps > most_steps || n->in.empty() || n->in.size() > most_inputs) return false;
    if (n->op == "Gather") {
      const node* shape = producer(n->in[0]);
      return shape && shape->op == "Shape" && !shape->find("start") && !shape->find("end") &&
             number(n->input(1));
    }
    if (n->op == "Shape" || n->op == "Unsqueeze" || n->op == "Concat") return false;
    for (const std::string& in : n->in)
      if (!number(in) && !is_one_number(in, steps + 1)) return false;
    return true;
  }
  /// Equal for what gives equal values.
  const std::string& key_of(const std::string& name, int steps) {
    if (const auto it = keys_.find(name); it != keys_.end()) return it->second;
    std::string key = name;
    const node* n = producer(name);
    if (const array* c = constant(name); c && c->elements() <= most_elements) {
      key = std::string(name_of(c->type)) + to_string(c->shape) +
            std::string(reinterpret_cast<const char*>(c->data.bytes.data()), c->data.bytes.size());
    } else if (n && steps < most_steps) {
      key = n->op;
      for (const char* a : {"axis", "to", "start", "end"})
        key += ":" + std::to_string(n->integer(a, -1000));
      if (const attribute* a = n->find("axes"))
        for (const std::int64_t v : a->integers) key += ";" + std::to_string(v);
      for (const std::string& in : n->in)
        key += ",(" + std::to_string(number_of(key_of(in, steps + 1))) + ")";
    }
    return keys_.emplace(name, std::move(key)).first->second;
  }
  /// A key's own number: keys of keys stay short.
  std::size_t number_of(const std::string& key) {
    return numbers_.emplace(key, numbers_.size()).first->second;
  }

  const std::map<std::string, array>& constants_;
  std::map<std::string, node> made_;
  std::map<std::string, std::size_t> readers_of_, readers_;  // of a Concat by name, by key
  std::map<std::string, std::string> keys_;
  std::map<std::string, std::size_t> numbers_;
  std::set<std::string> one_number_;
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_SHAPE_LISTS_HPP_

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

/// An extent: a number, or a name; none: not known.
struct extent {
  std::int64_t number = -1;
  std::string symbol;
  bool known() const { return number >= 0 || !symbol.empty(); }
  bool operator==(const extent&) const = default;
};
using extent_list = std::vector<extent>;

class known_shapes {
 public:
  explicit known_shapes(const model& m) : model_(m), lists_(m) {
    for (const auto* list : {&m.inputs, &m.outputs, &m.between})
      for (const value_info& v : *list)
        if (v.has_shape && v.extents.size() <= dims::max_rank)
          shapes_.emplace(v.name, extents_of(v));
  }
  const extent_list* find(const std::string& name) {
    if (const auto it = shapes_.find(name); it != shapes_.end()) return &it->second;
    const array* a = constant(name);
    if (!a) return nullptr;
    extent_list e;
    for (std::int32_t n : a->shape) e.push_back({n, {}});
    return &shapes_.emplace(name, std::move(e)).first->second;
  }
  void set(const std::string& name, extent_list e) { shapes_.insert_or_assign(name, std::move(e)); }
  /// Where `from` is `to` transposed by `perm`: what follows for `to` (which may be the same name).
  void set_before(const std::string& from, const std::string& to,
                  const std::vector<std::int64_t>& perm) {
    const extent_list* e = find(from);
    if (!e || e->size() != perm.size()) return;
    extent_list own(perm.size());
    for (std::size_t k = 0; k < perm.size(); ++k) own[as_size(perm[k])] = (*e)[k];
    set(to, std::move(own));
  }
  /// Of a value that nodes compute of shapes alone: its elements, where it has one axis or none.
  std::optional<array> computed(const std::string& name) {
    const auto list = integers_.find(name);
    const extent_list* e = find(name);
    if (list == integers_.end() || !e || e->size() > 1) return {};
    const auto count = static_cast<std::int64_t>(list->second.size());
    if (count != (e->empty() ? 1 : (*e)[0].number)) return {};
    dims shape;
    if (!e->empty()) shape.push_back(static_cast<std::int32_t>(count));
    return array::of(std::span<const std::int64_t>(list->second), shape);
  }
  /// What follows for a node's results; nodes come in an order in which they can run.
  void follow(const node& n) {
    if (n.out.empty()) return;
    if (auto list = integers_of(n)) integers_.emplace(n.out[0], std::move(*list));
    for (std::size_t k = 1; n.is("DynamicQuantizeLinear") && k < n.out.size(); ++k)
      if (!n.out[k].empty()) shapes_.emplace(n.out[k], extent_list());  // scale, zero point
    if (shapes_.contains(n.out[0])) return;
    if (n.is("Split")) return follow_split(n);
    if (n.is("GRU") || n.is("RNN") || n.op.ends_with("LSTM")) return follow_recurrent(n);
    if (auto e = result_of(n)) shapes_.emplace(n.out[0], std::move(*e));
  }

 private:
  const array* constant(const std::string& name) const {
    const auto it = model_.constants.find(name);
    return name.empty() || it == model_.constants.end() ? nullptr : &it->second;
  }
  static extent_list extents_of(const value_info& v) {
    extent_list e;
    for (std::size_t k = 0; k < v.extents.size(); ++k)
      e.push_back({v.extents[k], v.extents[k] >= 0 ? std::string() : v.symbols[k]});
    return e;
  }
  static bool keeps_shape(const node& n) {
    static const std::set<std::string_view> same{"Abs",
                                                 "BatchNormalization",
                                                 "BiasGelu",
                                                 "Cast",
                                                 "Ceil",
                                                 "Celu",
                                                 "Clip",
                                                 "Cos",
                                                 "CumSum",
                                                 "DequantizeLinear",
                                                 "Dropout",
                                                 "DynamicQuantizeLinear",
                                                 "Elu",
                                                 "Erf",
                                                 "Exp",
                                                 "FastGelu",
                                                 "Floor",
                                                 "Gelu",
                                                 "GroupNormalization",
                                                 "HardSigmoid",
                                                 "HardSwish",
                                                 "Identity",
                                                 "InstanceNormalization",
                                                 "LRN",
                                                 "LayerNormalization",
                                                 "LeakyRelu",
                                                 "Log",
                                                 "LogSoftmax",
                                                 "Mish",
                                                 "Neg",
                                                 "Not",
                                                 "PRelu",
                                                 "QLinearLeakyRelu",
                                                 "QLinearSigmoid",
                                                 "QLinearSoftmax",
                                                 "QuantizeLinear",
                                                 "QuickGelu",
                                                 "RMSNormalization",
                                                 "Reciprocal",
                                                 "Relu",
                                                 "Round",
                                                 "Selu",
                                                 "Sigmoid",
                                                 "Sign",
                                                 "SimplifiedLayerNormalization",
                                                 "Sin",
                                                 "SkipLayerNormalization",
                                                 "Softmax",
                                                 "Softplus",
                                                 "Softsign",
                                                 "Sqrt",
                                                 "Swish",
                                                 "Tanh",
                                                 "ThresholdedRelu",
                                                 "Trilu"};
    return same.contains(n.op);
  }
  std::optional<extent_list> result_of(const node& n) {
    static const std::set<std::string_view> pairs{
        "Add",  "And",         "Div",        "Equal", "Greater",    "GreaterOrEqual",
        "Less", "LessOrEqual", "Max",        "Min",   "Mod",        "Mul",
        "Or",   "Pow",         "QLinearAdd", "Sub",   "QLinearMul", "Where",
        "Xor",  "QLinearWhere"};
    static const std::set<std::string_view> products{"MatMul", "MatMulInteger", "FusedMatMul",
                                                     "MatMulIntegerToFloat", "QLinearMatMul"};
    const extent_list* a = find(n.input(0));
    if (a && keeps_shape(n)) return *a;
    if (n.op == "Reshape") return reshaped(n, a);
    if (n.op == "Flatten") return a ? flattened(n, *a) : extent_list(2);  // a matrix anyway
    if (n.op == "Concat" || n.op == "QLinearConcat") return concatenated(n);
    if (pairs.contains(n.op)) return broadcast(n);
    if (!a) return {};
    if (n.is("Shape"))
      return n.find("start") || n.find("end")
                 ? std::nullopt
                 : std::optional(extent_list{{static_cast<std::int64_t>(a->size()), {}}});
    if (n.op == "Transpose") return transposed(n, *a);
    if (n.op == "Unsqueeze") return unsqueezed(n, *a);
    if (n.op == "Squeeze") return squeezed(n, *a);
    if (n.op.ends_with("GlobalAveragePool") || n.op == "GlobalMaxPool")
      return a->size() > 2 && n.integer("channels_last", 0) == 0 ? std::optional(pooled(*a))
                                                                 : std::nullopt;
    if (n.op.starts_with("Reduce") || n.op == "ArgMax" || n.op == "ArgMin") return reduced(n, *a);
    if (n.op == "Slice") return sliced(n, *a);
    if (n.op == "Pad") return padded(n, *a);
    if (n.op == "Expand") return expanded(n, *a);
    if (n.op == "Resize") return resized(n, *a);
    if (n.op == "DepthToSpace" || n.op == "SpaceToDepth") return exchanged(n, *a);
    if (n.op == "MaxPool" || n.op == "AveragePool" || n.op == "QLinearAveragePool")
      return windows_of(n, *a, nullptr);
    // The second operand of a quantized product or layer stands behind the first's parameters.
    const extent_list* b = find(n.input(n.op.starts_with("QLinear") ? 3 : 1));
    if (!b) return {};
    if (n.op == "Conv" || n.op == "ConvInteger" || n.op == "QLinearConv")
      return windows_of(n, *a, b);
    if (n.op == "ConvTranspose") return spread(n, *a, *b);
    if (n.op == "Gather") return gathered(n, *a, *b);
    if (n.op == "Gemm") return gemm(n, *a, *b);
    return products.contains(n.op) ? product(n, *a, *b) : std::nullopt;
  }
  static std::optional<extent_list> product(const node& n, const extent_list& a,
                                            const extent_list& b) {
    if (a.size() < 2 || b.size() < 2 || n.integer("transA", 0) != 0 || n.integer("transB", 0) != 0)
      return {};
    extent_list e = broadcast_extents({a.begin(), a.end() - 2}, {b.begin(), b.end() - 2});
    e.push_back(a[a.size() - 2]);
    e.push_back(b.back());
    return e;
  }
  static std::optional<extent_list> gemm(const node& n, const extent_list& a,
                                         const extent_list& b) {
    if (a.size() != 2 || b.size() != 2) return {};
    return extent_list{a[n.integer("transA", 0) != 0 ? 1 : 0],
                       b[n.integer("transB", 0) != 0 ? 0 : 1]};
  }
  /// As many axes as a constant says, or a list as ReshapeFusion makes it, which are known where it
  /// names them; one of the rest follows from the number of elements that are not copied.
  std::optional<extent_list> reshaped(const node& n, const extent_list* x) {
    auto target = integers(n.input(1));
    if (!target) target = fused_target(n, x);
    if (!target || target->size() > dims::max_rank) return {};
    const std::vector<std::int64_t>& list = *target;
    extent_list e, given, wanted;
    const bool zero_copies = n.integer("allowzero", 0) == 0;
    std::vector<bool> copied(x ? x->size() : 0, false);
    for (const std::int64_t v : list)
      if (v == 0 && zero_copies && x && e.size() < x->size()) {
        copied[e.size()] = true;
        e.push_back((*x)[e.size()]);
      } else {
        e.push_back({v > 0 ? v : -1, {}});
        wanted.push_back(v == -1 ? extent{1, {}} : e.back());
      }
    const auto open = std::find(list.begin(), list.end(), std::int64_t{-1});
    if (open == list.end() || !x) return e;
    for (std::size_t k = 0; k < x->size(); ++k)
      if (!copied[k]) given.push_back((*x)[k]);
    extent& rest = e[static_cast<std::size_t>(open - list.begin())];
    const auto all = elements(given), others = elements(wanted);
    rest.number = all && others && *others > 0 && *all % *others == 0 ? *all / *others : -1;
    return e;
  }
  /// ReshapeFusion: an extent of what is reshaped, or one that is known to be the same, is copied
  /// to its place; one other may follow from the rest.
  std::optional<std::vector<std::int64_t>> fused_target(const node& n, const extent_list* x) {
    const auto list = lists_.find(n.input(1));
    if (!list) return {};
    std::vector<std::int64_t> target;
    for (const shape_lists::element& e : *list) {
      const std::size_t place = target.size();
      bool copies = e.computed && e.index == static_cast<std::int64_t>(place);
      if (copies && e.of != n.input(0)) {
        const extent_list* other = find(e.of);
        copies = other && x && place < other->size() && place < x->size() &&
                 (*other)[place].known() && (*other)[place] == (*x)[place];
      }
      target.push_back(copies ? 0 : e.computed ? -1 : e.number);
    }
    if (std::count(target.begin(), target.end(), std::int64_t{-1}) > 1) return {};
    return target;
  }
  /// Of numbers alone.
  static std::optional<std::int64_t> elements(const extent_list& x) {
    std::int64_t n = 1;
    for (const extent& e : x) {
      if (e.number < 0 || (e.number > 0 && n > INT64_MAX / e.number)) return {};
      n *= e.number;
    }
    return n;
  }
  static std::optional<extent_list> transposed(const node& n, const extent_list& x) {
    extent_list e(x.rbegin(), x.rend());
    const attribute* perm = n.find("perm");
    if (!perm) return e;
    if (perm->integers.size() != x.size()) return {};
    for (std::size_t k = 0; k < x.size(); ++k) {
      const std::int64_t from = perm->integers[k];
      if (from < 0 || as_size(from) >= x.size()) return {};
      e[k] = x[as_size(from)];
    }
    return e;
  }
  static std::optional<extent_list> flattened(const node& n, const extent_list& x) {
    std::int64_t axis = n.integer("axis", 1);
    if (axis < 0) axis += static_cast<std::int64_t>(x.size());
    if (axis < 0 || as_size(axis) > x.size()) return {};
    const auto middle = x.begin() + axis;
    const auto joined = [](extent_list part) {
      if (part.size() == 1) return part[0];
      return extent{elements(part).value_or(-1), {}};
    };
    return extent_list{joined({x.begin(), middle}), joined({middle, x.end()})};
  }
  std::optional<std::vector<std::int64_t>> axes_of(const node& n) const {
    if (const attribute* a = n.find("axes")) return a->integers;
    return integers(n.input(1));
  }
  std::optional<extent_list> unsqueezed(const node& n, const extent_list& x) const {
    auto axes = axes_of(n);
    if (!axes || axes->size() + x.size() > dims::max_rank) return {};
    const std::size_t rank = axes->size() + x.size();
    for (std::int64_t& a : *axes)
      if (a < 0) a += static_cast<std::int64_t>(rank);
    std::sort(axes->begin(), axes->end());
    extent_list e = x;
    for (const std::int64_t a : *axes) {
      if (a < 0 || as_size(a) > e.size()) return {};
      e.insert(e.begin() + a, extent{1, {}});
    }
    return e;
  }
  std::optional<extent_list> squeezed(const node& n, const extent_list& x) const {
    const auto axes = axes_of(n);
    if (!axes) return {};
    std::set<std::int64_t> gone;
    for (const std::int64_t a : *axes)
      gone.insert(a < 0 ? a + static_cast<std::int64_t>(x.size()) : a);
    extent_list e;
    for (std::size_t k = 0; k < x.size(); ++k)
      if (!gone.contains(static_cast<std::int64_t>(k))) e.push_back(x[k]);
    return e;
  }
  static extent_list pooled(extent_list x) {
    for (std::size_t k = 2; k < x.size(); ++k) x[k] = {1, {}};
    return x;
  }
  /// Extents that meet: numbers but 1 stand, one name stands beside 1, two names are neither.
  static extent_list broadcast_extents(const extent_list& a, const extent_list& b) {
    const extent_list &longer = a.size() >= b.size() ? a : b,
                      &shorter = a.size() >= b.size() ? b : a;
    extent_list e = longer;
    for (std::size_t k = 0; k < shorter.size(); ++k) {
      extent& to = e[longer.size() - shorter.size() + k];
      const extent& other = shorter[k];
      if (other.number == 1 || other == to) continue;
      if (to.number == 1 || other.number > 1)
        to = other;
      else if (to.number < 0)
        to = {};
    }
    return e;
  }

  std::optional<extent_list> broadcast(const node& n) {
    static constexpr std::size_t condition[] = {0, 1, 2}, coded[] = {0, 3}, chosen[] = {0, 1, 4};
    std::vector<std::size_t> operands;
    for (std::size_t k = 0; k < n.in.size(); ++k) operands.push_back(k);
    if (n.op == "Where") operands.assign(std::begin(condition), std::end(condition));
    if (n.op == "QLinearWhere") operands.assign(std::begin(chosen), std::end(chosen));
    if (n.op == "QLinearAdd" || n.op == "QLinearMul")
      operands.assign(std::begin(coded), std::end(coded));
    std::optional<extent_list> all;
    for (const std::size_t k : operands) {
      const extent_list* e = find(n.input(k));
      if (!e) return {};
      all = all ? broadcast_extents(*all, *e) : *e;
    }
    return all;
  }

  // ---- windows, parts, sums ----

  static std::int64_t at(const std::vector<std::int64_t>& list, std::size_t k,
                         std::int64_t otherwise) {
    return k < list.size() ? list[k] : otherwise;
  }
  static std::vector<std::int64_t> listed(const node& n, const char* key) {
    const attribute* a = n.find(key);
    return a ? a->integers : std::vector<std::int64_t>();
  }
  /// How often a window fits; none: not known, or not as it must be.
  static extent steps_of(std::int64_t in, std::int64_t window, std::int64_t stride,
                         std::int64_t before, std::int64_t after, bool ceil) {
    constexpr std::int64_t most = INT32_MAX;
    for (const std::int64_t v : {in, window, stride, before, after})
      if (v < 0 || v > most) return {};
    const std::int64_t room = in + before + after - window;
    if (room < 0 || stride == 0) return {};
    std::int64_t steps = (room + (ceil ? stride - 1 : 0)) / stride + 1;
    if (ceil && (steps - 1) * stride >= in + before) --steps;  // one that lies in the padding
    return {steps, {}};
  }
  /// Of a convolution, whose weights are `w`, or of a pool.
  static std::optional<extent_list> windows_of(const node& n, const extent_list& x,
                                               const extent_list* w) {
    if (x.size() < 3 || (w && w->size() != x.size()) || n.integer("channels_last", 0) != 0)
      return {};
    const auto kernel = listed(n, "kernel_shape"), strides = listed(n, "strides"),
               pads = listed(n, "pads"), dilations = listed(n, "dilations");
    const attribute* automatic = n.find("auto_pad");
    const std::string pad = automatic ? automatic->text.value_or("NOTSET") : "NOTSET";
    extent_list e{x[0], w ? (*w)[0] : x[1]};
    const std::size_t axes = x.size() - 2;
    for (std::size_t k = 0; k < axes; ++k) {
      const std::int64_t in = x[k + 2].number, stride = at(strides, k, 1),
                         taps = at(kernel, k, w ? (*w)[k + 2].number : -1),
                         dilation = at(dilations, k, 1);
      if (taps < 1 || taps > INT32_MAX || dilation < 1 || dilation > INT32_MAX) return {};
      const std::int64_t window = (taps - 1) * dilation + 1;
      if (pad.starts_with("SAME")) {
        e.push_back(steps_of(in, 1, stride, 0, 0, false));
        continue;
      }
      const bool given = pad == "NOTSET";
      e.push_back(steps_of(in, window, stride, given ? at(pads, k, 0) : 0,
                           given ? at(pads, k + axes, 0) : 0, n.integer("ceil_mode", 0) != 0));
    }
    return e;
  }
  /// A product of two that may be large; less than 0: not known.
  static std::int64_t times(std::int64_t a, std::int64_t b) {
    return a < 0 || b < 0 || a > INT32_MAX || b > INT32_MAX ? -1 : a * b;
  }
  /// Of a transposed convolution with weights `w` and padding in numbers.
  static std::optional<extent_list> spread(const node& n, const extent_list& x,
                                           const extent_list& w) {
    if (x.size() < 3 || w.size() != x.size() || n.find("output_shape") || n.find("auto_pad"))
      return {};
    const auto strides = listed(n, "strides"), pads = listed(n, "pads"),
               dilations = listed(n, "dilations"), more = listed(n, "output_padding");
    extent_list e{x[0], {times(w[1].number, n.integer("group", 1)), {}}};
    const std::size_t axes = x.size() - 2;
    for (std::size_t k = 0; k < axes; ++k) {
      const std::int64_t in = times(x[k + 2].number - 1, at(strides, k, 1)),
                         taps = times(w[k + 2].number - 1, at(dilations, k, 1)),
                         after = at(more, k, 0), cut = at(pads, k, 0), end = at(pads, k + axes, 0);
      bool fits = in >= 0 && taps >= 0;
      for (const std::int64_t v : {after, cut, end}) fits = fits && v >= 0 && v <= INT32_MAX;
      e.push_back({fits ? std::max<std::int64_t>(in + after + taps + 1 - cut - end, -1) : -1, {}});
    }
    return e;
  }
  /// Of one block of rows and columns by channels, and back.
  static std::optional<extent_list> exchanged(const node& n, extent_list x) {
    const std::int64_t b = n.integer("blocksize", 0), area = times(b, b);
    if (x.size() != 4 || b < 1 || area < 0) return {};
    const bool down = n.op == "SpaceToDepth";
    const auto part = [](std::int64_t v, std::int64_t by) { return v < 0 ? -1 : v / by; };
    x[1] = {down ? times(x[1].number, area) : part(x[1].number, area), {}};
    for (std::size_t k : {2u, 3u}) x[k] = {down ? part(x[k].number, b) : times(x[k].number, b), {}};
    return x;
  }
  /// By sizes or by scales that are constants, of all axes.
  std::optional<extent_list> resized(const node& n, extent_list x) const {
    if (n.find("axes") || n.find("keep_aspect_ratio_policy")) return {};
    if (const auto sizes = integers(n.input(3)); sizes && sizes->size() == x.size()) {
      for (std::size_t k = 0; k < x.size(); ++k) x[k] = {(*sizes)[k], {}};
      return x;
    }
    const array* scales = constant(n.input(n.in.size() == 2 ? 1 : 2));
    if (!scales || scales->type != dtype::f32 || scales->elements() != x.size()) return {};
    for (std::size_t k = 0; k < x.size(); ++k) {
      const float by = scales->as<float>()[k];
      if (by == 1.f) continue;
      const bool fits = by > 0 && by <= 1024 && x[k].number >= 0 && x[k].number <= (1 << 20);
      x[k] = {fits ? static_cast<std::int64_t>(static_cast<float>(x[k].number) * by) : -1, {}};
    }
    return x;
  }
  /// All steps, and the last states.
  void follow_recurrent(const node& n) {
    const extent_list* x = find(n.input(0));
    const std::int64_t width = n.integer("hidden_size", -1);
    if (!x || x->size() != 3 || width < 1 || n.integer("layout", 0) != 0) return;
    const attribute* direction = n.find("direction");
    const bool both = direction && direction->text == "bidirectional";
    const extent d{both ? 2 : 1, {}}, h{width, {}};
    for (std::size_t k = 0; k < n.out.size() && k < 3; ++k)
      if (!n.out[k].empty())
        shapes_.emplace(n.out[k],
                        k == 0 ? extent_list{(*x)[0], d, (*x)[1], h} : extent_list{d, (*x)[1], h});
  }
  std::optional<extent_list> concatenated(const node& n) {
    const bool coded = n.op == "QLinearConcat";
    std::optional<extent_list> all;
    std::size_t axis = 0;
    for (std::size_t k = coded ? 2 : 0; k < n.in.size(); k += coded ? 3 : 1) {
      const extent_list* e = find(n.in[k]);
      if (!e || (all && e->size() != all->size())) return {};
      if (!all) {
        const std::int64_t a = n.integer("axis", 0), rank = static_cast<std::int64_t>(e->size());
        if (a < -rank || a >= rank) return {};
        axis = as_size(a < 0 ? a + rank : a);
        all = *e;
        continue;
      }
      extent& sum = (*all)[axis];
      const std::int64_t more = (*e)[axis].number;
      sum = sum.number < 0 || more < 0 || more > INT32_MAX || sum.number > INT32_MAX
                ? extent{}
                : extent{sum.number + more, {}};
      for (std::size_t i = 0; i < e->size(); ++i)
        if (i != axis && (!(*all)[i].known() || (*e)[i].number >= 0)) (*all)[i] = (*e)[i];
    }
    return all;
  }
  void follow_split(const node& n) {
    const extent_list* x = find(n.input(0));
    if (!x) return;
    const std::int64_t a = n.integer("axis", 0), rank = static_cast<std::int64_t>(x->size());
    if (a < -rank || a >= rank) return;
    const std::size_t axis = as_size(a < 0 ? a + rank : a);
    const auto sizes = n.find("split") ? std::optional(listed(n, "split")) : integers(n.input(1));
    const std::int64_t all = (*x)[axis].number, parts = static_cast<std::int64_t>(n.out.size());
    for (std::size_t k = 0; k < n.out.size(); ++k) {
      extent_list e = *x;
      const std::int64_t part = all < 0 ? -1 : (all + parts - 1) / parts;
      e[axis] = {
          sizes ? at(*sizes, k, -1) : std::min(part, all - part * static_cast<std::int64_t>(k)),
          {}};
      if (!n.out[k].empty()) shapes_.emplace(n.out[k], std::move(e));
    }
  }
  static std::optional<extent_list> gathered(const node& n, const extent_list& x,
                                             const extent_list& places) {
    const std::int64_t a = n.integer("axis", 0), rank = static_cast<std::int64_t>(x.size());
    if (a < -rank || a >= rank || x.size() + places.size() > dims::max_rank) return {};
    const auto axis = x.begin() + (a < 0 ? a + rank : a);
    extent_list e(x.begin(), axis);
    e.insert(e.end(), places.begin(), places.end());
    e.insert(e.end(), axis + 1, x.end());
    return e;
  }
  std::optional<extent_list> reduced(const node& n, const extent_list& x) const {
    const auto rank = static_cast<std::int64_t>(x.size());
    std::vector<std::int64_t> axes{n.integer("axis", 0)};
    if (n.op.starts_with("Reduce")) {
      const auto list = axes_of(n);
      if (!list && !n.input(1).empty()) return {};
      if ((!list || list->empty()) && n.integer("noop_with_empty_axes", 0) != 0) return {};
      axes = list.value_or(std::vector<std::int64_t>());
      for (std::int64_t k = 0; axes.empty() && k < rank; ++k) axes.push_back(k - rank);
    }
    std::vector<bool> gone(x.size(), false);
    for (const std::int64_t a : axes) {
      if (a < -rank || a >= rank) return {};
      gone[as_size(a < 0 ? a + rank : a)] = true;
    }
    extent_list e;
    for (std::size_t k = 0; k < x.size(); ++k)
      if (!gone[k])
        e.push_back(x[k]);
      else if (n.integer("keepdims", 1) != 0)
        e.push_back({1, {}});
    return e;
  }
  /// Of x, starts, ends, [axes], [steps]; before opset 10 attributes.
  std::optional<extent_list> sliced(const node& n, extent_list x) const {
    const auto list = [&](const char* key, std::size_t i) {
      return n.find(key) ? std::optional(listed(n, key)) : integers(n.input(i));
    };
    const auto from = list("starts", 1), to = list("ends", 2), axes = list("axes", 3),
               steps = list("steps", 4);
    if (!from || !to || (!axes && !n.input(3).empty()) || (!steps && !n.input(4).empty()))
      return {};
    const auto rank = static_cast<std::int64_t>(x.size());
    for (std::size_t k = 0; k < from->size(); ++k) {
      std::int64_t axis = axes ? at(*axes, k, rank) : static_cast<std::int64_t>(k);
      if (axis < 0) axis += rank;
      if (axis < 0 || axis >= rank) return {};
      extent& own = x[as_size(axis)];
      const std::int64_t all = own.number, step = steps ? at(*steps, k, 1) : 1;
      if (all < 0 || step == 0 || step == INT64_MIN) {
        own = {};
        continue;
      }
      const auto inside = [&](std::int64_t v, std::int64_t least, std::int64_t most) {
        return std::clamp(v < 0 ? v + all : v, least, most);
      };
      const std::int64_t back = step < 0 ? -1 : 0, first = inside((*from)[k], 0, all + back),
                         last = inside(at(*to, k, 0), back, all + back),
                         span = step > 0 ? last - first : first - last,
                         length = step > 0 ? step : -step;
      own = {span <= 0 ? 0 : (span - 1) / length + 1, {}};
    }
    return x;
  }
  std::optional<extent_list> padded(const node& n, extent_list x) const {
    const auto pads = n.find("pads") ? std::optional(listed(n, "pads")) : integers(n.input(1));
    if (!pads || pads->size() != 2 * x.size() || !n.input(3).empty()) return {};
    for (std::size_t k = 0; k < x.size(); ++k) {
      const std::int64_t before = (*pads)[k], after = (*pads)[k + x.size()];
      constexpr std::int64_t most = INT32_MAX;
      if (before == 0 && after == 0) continue;
      const bool fits = std::abs(before) <= most && std::abs(after) <= most && x[k].number >= 0 &&
                        x[k].number <= most;
      x[k] = {fits ? x[k].number + before + after : -1, {}};
    }
    return x;
  }
  std::optional<extent_list> expanded(const node& n, const extent_list& x) const {
    const auto to = integers(n.input(1));
    if (!to || to->size() > dims::max_rank) return {};
    extent_list e;
    for (const std::int64_t v : *to) e.push_back({v, {}});
    return broadcast_extents(x, e);
  }

  // ---- numbers that follow from shapes ----

  /// Of one axis or none: constants, and what ONNX Runtime computes of them and of shapes before
  /// it looks for chains.
  std::optional<std::vector<std::int64_t>> integers(const std::string& name) const {
    if (const auto it = integers_.find(name); it != integers_.end()) return it->second;
    const array* a = constant(name);
    if (!a || a->shape.rank > 1 || a->elements() > most_integers) return {};
    if (a->type == dtype::s64)
      return std::vector<std::int64_t>(a->as<std::int64_t>().begin(), a->as<std::int64_t>().end());
    if (a->type == dtype::s32)
      return std::vector<std::int64_t>(a->as<std::int32_t>().begin(), a->as<std::int32_t>().end());
    return {};
  }
  /// The same of int64 alone.
  std::optional<std::vector<std::int64_t>> long_integers(const std::string& name) const {
    const array* a = constant(name);
    return a && a->type != dtype::s64 ? std::nullopt : integers(name);
  }
  std::optional<std::vector<std::int64_t>> integers_of(const node& n) {
    if (n.is("Shape") && !n.find("start") && !n.find("end")) {
      const extent_list* x = find(n.input(0));
      std::vector<std::int64_t> list;
      for (std::size_t k = 0; x && k < x->size(); ++k) list.push_back((*x)[k].number);
      const bool all = x && std::ranges::none_of(list, [](std::int64_t v) { return v < 0; });
      return all ? std::optional(list) : std::nullopt;
    }
    if (n.is("Concat")) {
      std::vector<std::int64_t> all;
      for (const std::string& in : n.in) {
        const auto part = long_integers(in);
        if (!part || all.size() + part->size() > most_integers) return {};
        all.insert(all.end(), part->begin(), part->end());
      }
      return all;
    }
    const auto x = long_integers(n.input(0));
    if (!x) return {};
    if (n.is("Unsqueeze") || n.is("Squeeze") || n.is("Identity")) return x;
    if (n.is("Cast"))
      return n.integer("to", undefined_data_type) == data_type_code("INT64") ? x : std::nullopt;
    if (n.is("Gather")) {
      const auto places = integers(n.input(1));
      return places ? picked(*x, *places) : std::nullopt;
    }
    const auto y = long_integers(n.input(1));
    if (!y || x->size() != 1 || y->size() != 1) return {};
    const std::int64_t a = (*x)[0], b = (*y)[0];
    if (n.is("Mul") && times(a, b) >= 0) return std::vector<std::int64_t>{times(a, b)};
    if (n.is("Div") && a >= 0 && b > 0) return std::vector<std::int64_t>{a / b};
    return {};
  }
  static std::optional<std::vector<std::int64_t>> picked(const std::vector<std::int64_t>& x,
                                                         const std::vector<std::int64_t>& places) {
    std::vector<std::int64_t> list;
    const auto count = static_cast<std::int64_t>(x.size());
    for (const std::int64_t p : places) {
      if (p < -count || p >= count) return {};
      list.push_back(x[as_size(p < 0 ? p + count : p)]);
    }
    return list;
  }
  static constexpr std::size_t most_integers = 64;

  const model& model_;
  shape_lists lists_;
  std::map<std::string, extent_list> shapes_;  // what find() gives stays where it is
  std::map<std::string, std::vector<std::int64_t>> integers_;
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_EXTENTS_HPP_
// ---- octet/import/onnx/fold.hpp
// Convolutions that take the layer behind them into their float weights, as ONNX Runtime 1.32 does
// before it looks at anything quantized: batch normalizations, products and sums with a constant
// for each channel.
#ifndef OCTET_IMPORT_ONNX_FOLD_HPP_
#define OCTET_IMPORT_ONNX_FOLD_HPP_

// ---- octet/import/onnx/edit.hpp
// A model's nodes while passes rewrite them: who gives a value and who reads it, constants, names,
// an order in which the nodes can run.
#ifndef OCTET_IMPORT_ONNX_EDIT_HPP_
#define OCTET_IMPORT_ONNX_EDIT_HPP_

#include <deque>
#include <queue>
#include <set>


OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class node_graph {
 protected:
  struct item {
    node n;
    double place = 0;  // where the file has it
    std::size_t id = 0;
    bool alive = true;
  };
  using use = std::pair<std::size_t, std::size_t>;  // node, its input

  explicit node_graph(model& m) : model_(m) {
    for (node& n : m.nodes) add(std::move(n), static_cast<double>(nodes_.size()));
    for (const value_info& v : m.outputs) outputs_.insert(v.name);
  }
  static error_info cycle() {
    return import::malformed("nodes that read each other's results in a circle");
  }
  /// Every value is given once.
  status check_values() const {
    std::set<std::string_view> given;
    for (const item* i : nodes_)
      for (const std::string& o : i->n.out)
        if (!o.empty() && !given.insert(o).second)
          return import::malformed("a value that two nodes give", o);
    return unit{};
  }

  item& add(node n, double place) {
    items_.push_back({std::move(n), place, items_.size(), true});
    item& i = items_.back();
    nodes_.push_back(&i);
    for (std::size_t k = 0; k < i.n.in.size(); ++k) uses_[i.n.in[k]].insert({i.id, k});
    for (const std::string& o : i.n.out)
      if (!o.empty()) producers_[o] = &i;
    return i;
  }
  void remove(item& i) {
    i.alive = false;
    for (std::size_t k = 0; k < i.n.in.size(); ++k) uses_[i.n.in[k]].erase({i.id, k});
    for (const std::string& o : i.n.out)
      if (const auto it = producers_.find(o); it != producers_.end() && it->second == &i)
        producers_.erase(it);
  }
  void set_input(item& i, std::size_t k, const std::string& name) {
    uses_[i.n.in[k]].erase({i.id, k});
    i.n.in[k] = name;
    uses_[name].insert({i.id, k});
  }
  /// Whoever reads `from` reads `to`.
  void replace_value(const std::string& from, const std::string& to) {
    moved_ += uses_[from].size();
    if (moved_ > most_moved) return;  // run() refuses the file
    const auto readers = uses_[from];
    for (const auto& [id, k] : readers) set_input(items_[id], k, to);
  }
  item* producer(const std::string& name) {
    const auto it = producers_.find(name);
    return it == producers_.end() ? nullptr : it->second;
  }
  const std::set<use>& uses(const std::string& name) { return uses_[name]; }
  item& reader(const use& u) { return items_[u.first]; }
  bool is_output(const std::string& name) const { return outputs_.contains(name); }
  /// Read once, and not a result of the graph.
  bool one_reader(const std::string& name) { return uses(name).size() == 1 && !is_output(name); }
  std::string fresh(const std::string& base) {
    std::string name;
    do name = base + "/" + std::to_string(++fresh_);
    while (producers_.contains(name) || model_.constants.contains(name));
    return name;
  }
  const array* constant(const std::string& name) const {
    const auto it = model_.constants.find(name);
    return name.empty() || it == model_.constants.end() ? nullptr : &it->second;
  }
  /// One element, with or without an axis.
  static bool scalar(const array& a) {
    return a.shape.rank == 0 || (a.shape.rank == 1 && a.shape[0] == 1);
  }

  // ---- what patterns ask ----

  static bool is_plain(const node& n, std::string_view op) {
    return n.is(op) && n.out.size() == 1 && !n.in.empty();
  }
  /// The one reader of a value, if it is an operator of that name.
  item* only_reader(const std::string& value, std::string_view op) {
    if (!one_reader(value)) return nullptr;
    item& r = reader(*uses(value).begin());
    return is_plain(r.n, op) ? &r : nullptr;
  }
  /// The other operand of a node of two, one of which is `value`.
  static const std::string* other(const node& n, const std::string& value) {
    if (n.in.size() != 2) return nullptr;
    if (n.in[0] == value) return &n.in[1];
    return n.in[1] == value ? &n.in[0] : nullptr;
  }
  /// The one reader of `value`, of that name, whose other operand is a constant.
  item* with_constant(const std::string& value, std::string_view op, const std::string*& operand) {
    item* r = only_reader(value, op);
    operand = r ? other(r->n, value) : nullptr;
    return operand && constant(*operand) ? r : nullptr;
  }
  /// A node in place of those of a pattern, the last of which gave its result.
  void put(node n, const std::vector<item*>& instead) {
    const double place = instead.back()->place;
    n.name = instead.back()->n.name, n.out = instead.back()->n.out;
    for (item* i : instead) remove(*i);
    add(std::move(n), place);
  }
  static node made(std::string_view op, std::string_view domain, std::vector<std::string> in) {
    node n;
    n.op = op, n.domain = domain, n.in = std::move(in);
    return n;
  }

  bool sort() {
    order_.clear();
    std::vector<std::size_t> waits(items_.size(), 0);
    const auto later = [](const item* a, const item* b) {
      return a->place != b->place ? a->place > b->place : a->id > b->id;
    };
    std::priority_queue<item*, std::vector<item*>, decltype(later)> ready(later);
    std::size_t alive = 0;
    for (item& i : items_) {
      if (!i.alive) continue;
      ++alive;
      for (const std::string& name : i.n.in)
        waits[i.id] += !name.empty() && producers_.contains(name);
      if (waits[i.id] == 0) ready.push(&i);
    }
    while (!ready.empty()) {
      item* i = ready.top();
      ready.pop();
      order_.push_back(i);
      for (const std::string& o : i->n.out) {
        if (o.empty() || producer(o) != i) continue;
        for (const use& u : uses(o))
          if (--waits[u.first] == 0) ready.push(&items_[u.first]);
      }
    }
    return order_.size() == alive;
  }
  void finish() {
    model_.nodes.clear();
    for (item* i : order_) model_.nodes.push_back(std::move(i->n));
  }

  model& model_;
  /// A long chain of nodes that change nothing, listed from its end, moves all readers at each.
  static constexpr std::size_t most_moved = std::size_t{1} << 22;

  std::size_t moved_ = 0;
  std::deque<item> items_;
  std::vector<item*> nodes_;  // in the order they were added
  std::vector<item*> order_;
  std::map<std::string, std::set<use>> uses_;
  std::map<std::string, item*> producers_;
  std::set<std::string> outputs_;
  std::size_t fresh_ = 0;
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_EDIT_HPP_

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class convolution_folder : protected node_graph {
 protected:
  convolution_folder(model& m, const limits& max) : node_graph(m), max_(max) {}

  /// Whether a new constant of that many bytes is within the limits. A file must not name one large
  /// array in thousands of places.
  bool room_for(std::size_t bytes) {
    made_ = saturating_add(made_, bytes);
    return made_ <= max_.constant_bytes;
  }
  /// ConvAddFusion, ConvMulFusion, ConvBNFusion: one layer after another, while there is one.
  void fold_convolutions() {
    for (std::size_t k = 0; k < nodes_.size(); ++k)
      if (nodes_[k]->alive) fold_next(*nodes_[k]);  // gives a new node, whose turn comes later
  }

  limits max_;
  std::size_t made_ = 0;  // bytes of new constants

 private:
  using numbers = std::span<const float>;

  /// A convolution of constant float weights. A bias that is there must be a constant, too; an
  /// input without a name is none, but ONNX Runtime leaves such a convolution alone.
  struct convolution {
    bool transposed = false;
    std::int32_t groups = 1, count = 0;  // of channels
    const array *weights = nullptr, *bias = nullptr;
  };
  std::optional<convolution> convolution_of(const node& n) const {
    convolution l;
    l.transposed = n.is("ConvTranspose");
    if ((!l.transposed && !n.is("Conv")) || n.in.size() < 2 || n.in.size() > 3 || n.out.size() != 1)
      return {};
    l.weights = constant(n.in[1]);
    if (!l.weights || l.weights->type != dtype::f32 || l.weights->shape.rank < 3) return {};
    const std::int64_t groups = n.integer("group", 1),
                       axis = l.weights->shape[l.transposed ? 1 : 0];
    if (groups < 1 || axis * groups > INT32_MAX) return {};
    if (l.transposed && l.weights->shape[0] % groups != 0) return {};
    l.groups = static_cast<std::int32_t>(groups);
    l.count = static_cast<std::int32_t>(l.transposed ? axis * groups : axis);
    if (n.in.size() == 2) return l;
    l.bias = constant(n.in[2]);
    if (!l.bias || !is_vector(*l.bias, l.count)) return {};
    return l;
  }
  static bool is_vector(const array& a, std::int32_t count) {
    return a.type == dtype::f32 && a.shape.rank == 1 && a.shape[0] == count;
  }
  /// A number for each channel: [C, 1, ...] or [1, C, 1, ...].
  static bool is_for_channels(const array& a, const convolution& l) {
    const int rank = l.weights->shape.rank, at = a.shape.rank == rank ? 1 : 0;
    if (a.type != dtype::f32 || (a.shape.rank != rank && a.shape.rank != rank - 1)) return false;
    for (int k = 0; k < a.shape.rank; ++k)
      if (a.shape[k] != (k == at ? l.count : 1)) return false;
    return true;
  }

  /// What stands for the convolution and the one that reads it.
  struct folded {
    std::vector<float> factors, bias;  // empty: none
  };
  static folded product(const convolution& l, numbers by) {
    folded f;
    for (std::int32_t c = 0; c < l.count; ++c)
      f.factors.push_back(by[by.size() == 1 ? 0 : as_size(c)]);
    for (std::size_t c = 0; l.bias && c < f.factors.size(); ++c)
      f.bias.push_back(numerics::mul(l.bias->as<float>()[c], f.factors[c]));
    return f;
  }
  static folded sum(const convolution& l, numbers with) {
    folded f;
    for (std::size_t c = 0; c < with.size(); ++c)
      f.bias.push_back(l.bias ? numerics::add(l.bias->as<float>()[c], with[c]) : with[c]);
    return f;
  }
  /// y = (x - mean) r + offset with r = scale / sqrt(variance + epsilon), each step rounded.
  std::optional<folded> normalization(const convolution& l, const node& n) const {
    if (n.in.size() != 5 || n.integer("training_mode", 0) != 0 || n.integer("spatial", 1) == 0)
      return {};
    numbers parameters[4];
    for (std::size_t k = 0; k < 4; ++k) {
      const array* a = constant(n.in[k + 1]);
      if (!a || !is_vector(*a, l.count)) return {};
      parameters[k] = a->as<float>();
    }
    const auto& [scale, offset, mean, variance] = parameters;
    const attribute* e = n.find("epsilon");
    const float epsilon = e ? e->real.value_or(1e-5f) : 1e-5f;
    folded f;
    for (std::size_t c = 0; c < scale.size(); ++c) {
      const float r =
          numerics::div(scale[c], numerics::sqrt_f32(numerics::add(variance[c], epsilon)));
      f.factors.push_back(r);
      f.bias.push_back(
          l.bias ? numerics::add(numerics::mul(numerics::sub(l.bias->as<float>()[c], mean[c]), r),
                                 offset[c])
                 : numerics::sub(offset[c], numerics::mul(mean[c], r)));
    }
    return f;
  }
  std::optional<folded> fold(const convolution& l, const node& n) const {
    if (n.is("BatchNormalization")) return normalization(l, n);
    const bool mul = n.is("Mul");
    if ((!mul && !n.is("Add")) || l.transposed || n.in.size() != 2) return {};
    const array* a = constant(n.in[1]);
    if (!a) return {};
    if (mul && a->shape.rank == 0 && a->type == dtype::f32) return product(l, a->as<float>());
    if (!is_for_channels(*a, l)) return {};
    return mul ? product(l, a->as<float>()) : sum(l, a->as<float>());
  }

  void fold_next(item& i) {
    const auto l = convolution_of(i.n);
    if (!l || !one_reader(i.n.out[0])) return;
    const use u = *uses(i.n.out[0]).begin();
    item& next = reader(u);
    if (u.second != 0 || next.n.out.size() != 1) return;
    const auto f = fold(*l, next.n);
    if (!f || !room_for(4 * (f->bias.size() + (f->factors.empty() ? 0 : l->weights->elements()))))
      return;
    node n = i.n;
    n.out = next.n.out;
    if (!f->factors.empty()) {
      const std::string name = fresh(n.in[1]);
      array scaled = scaled_weights(*l, f->factors);
      model_.constants[name] = std::move(scaled);
      n.in[1] = name;
    }
    if (!f->bias.empty()) {
      const std::string name = fresh(n.in[1]);
      model_.constants[name] = array::of(numbers(f->bias), dims{l->count});
      n.in.resize(2);
      n.in.push_back(name);
    }
    const double place = next.place;
    remove(i);
    remove(next);
    add(std::move(n), place);
  }
  /// Weights [O, I / G, ...], transposed ones [I, O / G, ...], each times its output channel's.
  static array scaled_weights(const convolution& l, numbers factors) {
    const auto w = l.weights->as<float>();
    const dims& s = l.weights->shape;
    const std::size_t rows = as_size(s[0]), columns = l.transposed ? as_size(s[1]) : 1,
                      inner = rows * columns == 0 ? 0 : w.size() / (rows * columns),
                      in_group = rows / as_size(l.groups);
    std::vector<float> to;
    to.reserve(w.size());
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < columns; ++c) {
        const float by = factors[l.transposed ? r / in_group * columns + c : r];
        for (std::size_t k = 0; k < inner; ++k)
          to.push_back(numerics::mul(w[(r * columns + c) * inner + k], by));
      }
    return array::of(numbers(to), s);
  }
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_FOLD_HPP_

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class fuser : convolution_folder {
 public:
  /// `shapes`: of the same model; learns what follows for its nodes.
  fuser(model& m, const limits& max, known_shapes& shapes)
      : convolution_folder(m, max), shapes_(shapes) {
    for (const value_info& v : m.inputs) {
      input_types_.emplace(v.name, v.type);
      if (v.dequantized) dequantized_outside_.insert(v.name);
    }
  }

  /// Rewrites the model's nodes; they come back in an order in which they can run. `as_written`:
  /// only Constant nodes become constants. An error where they form a cycle.
  status run(bool as_written) {
    if (auto s = check_values(); !s) return s;
    constants_into_the_model();
    if (as_written) {
      if (!sort()) return cycle();
      finish();
      return unit{};
    }
    drop_what_changes_nothing();
    if (!sort()) return cycle();
    shapes_into_the_model();
    drop_expansions();
    fold_pads();
    fold_convolutions();
    if (auto s = place_pairs(); !s) return s;
    drop_redundant_clips();
    signed_to_unsigned();
    if (made_ > max_.constant_bytes)
      return over_limit(&limits::constant_bytes, max_, "bytes of all constants",
                        std::to_string(made_));
    if (moved_ > most_moved)
      return import::too_large("readers of values that change nothing", {},
                               std::to_string(most_moved) + " moves");
    if (!sort()) return cycle();
    for (item* i : order_)
      if (i->alive) fuse(*i);
    if (!sort()) return cycle();
    finish();
    return unit{};
  }

 private:
  // ---- what a Q or DQ says ----

  struct parameters {
    float scale = 0;
    std::int32_t zero_point = 0;
    dtype type = dtype::u8;
    bool zero_point_given = false;
    bool operator==(const parameters&) const = default;
  };
  static std::int32_t integer_of(const array& a, std::size_t i) {
    std::int32_t v = 0;
    with_integer(a.type,
                 [&]<class T>(type_tag<T>) { v = static_cast<std::int32_t>(a.as<T>()[i]); });
    return v;
  }
  /// Of a node whose scale and zero point are constants of one element.
  std::optional<parameters> scalar_parameters(const node& n) {
    const array* s = constant(n.input(1));
    if (!s || !scalar(*s) || s->type != dtype::f32 || n.integer("block_size", 0) != 0) return {};
    parameters p;
    p.scale = s->as<float>()[0];
    if (n.input(2).empty()) {
      const auto t = type_of(is_quantize(n) ? n.out[0] : n.in[0]);
      if (!t) return {};
      p.type = *t;
      return p;
    }
    const array* z = constant(n.input(2));
    if (!z || !scalar(*z) || !whole_type(*z)) return {};
    p.zero_point_given = true;
    p.type = z->type;
    p.zero_point = integer_of(*z, 0);
    return p;
  }
  /// No group has elements of less than a byte.
  static std::optional<dtype> whole_type(const array& a) {
    return a.narrow_bits == 0 ? std::optional(a.type) : std::nullopt;
  }
  /// Element type of a value, where it follows from what quantizes it.
  std::optional<dtype> type_of(const std::string& name) {
    std::string at = name;
    for (int steps = 0; steps < 64; ++steps) {
      if (const array* a = constant(at)) return whole_type(*a);
      if (const auto given = group_types_.find(at); given != group_types_.end())
        return given->second;
      item* p = producer(at);
      if (!p) {
        const auto input = input_types_.find(at);
        return input == input_types_.end() ? std::nullopt : input->second;
      }
      const node& n = p->n;
      if (is_quantize(n)) {
        if (const array* z = constant(n.input(2))) return whole_type(*z);
        if (!n.input(2).empty()) {
          at = n.in[2];
          continue;
        }
        const data_type_row* r = find_data_type(n.integer("output_dtype", data_type_code("UINT8")));
        return r ? r->type : std::nullopt;
      }
      if (n.op == "DynamicQuantizeLinear" && !n.out.empty() && at == n.out[0]) return dtype::u8;
      if (n.op == "Cast") {
        const data_type_row* r = find_data_type(n.integer("to", undefined_data_type));
        return r ? r->type : std::nullopt;
      }
      if (!moves_values(n) || n.in.empty()) return {};
      at = n.in[0];
    }
    return {};
  }
  static bool moves_values(const node& n) {
    static const std::set<std::string_view> ops{
        "Expand", "Flatten", "Gather",  "GatherElements", "Identity",  "MaxPool",   "Reshape",
        "Slice",  "Split",   "Squeeze", "Tile",           "Transpose", "Unsqueeze", "Resize"};
    return n.domain.empty() && ops.contains(n.op);
  }
  /// A Q and a DQ that undo each other: both give constants of one element for scale and zero
  /// point, and the same ones.
  bool is_pair(const node& q, const node& dq) {
    const auto a = scalar_parameters(q), b = scalar_parameters(dq);
    return a && b && a->zero_point_given && b->zero_point_given && *a == *b;
  }
  static bool is_16bit(dtype t) { return t == dtype::s16 || t == dtype::u16; }

  // ---- before the passes ----

  void constants_into_the_model() {
    for (item* i : nodes_) {
      node& n = i->n;
      if (!n.is("Constant") || n.out.size() != 1) continue;
      std::optional<array> a;
      for (const auto& [key, v] : n.attributes) {
        if (key == "value" && v.tensor) a = *v.tensor;
        if (key == "value_float" && v.real) a = array::of(std::span(&*v.real, 1), dims{});
        if (key == "value_int" && v.integer) a = array::of(std::span(&*v.integer, 1), dims{});
        if (key == "value_floats")
          a = array::of(std::span(v.reals), dims{static_cast<std::int32_t>(v.reals.size())});
        if (key == "value_ints")
          a = array::of(std::span(v.integers), dims{static_cast<std::int32_t>(v.integers.size())});
      }
      if (!a) continue;  // refused later, by name
      model_.constants.insert_or_assign(n.out[0], std::move(*a));
      remove(*i);
    }
  }
  /// What is computed of shapes that the file names are constants (ConstantFolding), so that nobody
  /// but who computes with the values reads these.
  void shapes_into_the_model() {
    for (item* i : order_) {
      const node& n = i->n;
      shapes_.follow(n);
      if (n.out.size() != 1 || is_output(n.out[0])) continue;
      auto a = shapes_.computed(n.out[0]);
      if (!a || !room_for(a->data.bytes.size())) continue;
      model_.constants.insert_or_assign(n.out[0], std::move(*a));
      remove(*i);
    }
  }
  /// Identity, Dropout without its mask, Cast to the type that is there; QuantizeLinear of
  /// constants becomes one.
  void drop_what_changes_nothing() {
    for (item* i : nodes_) {
      if (!i->alive) continue;
      node& n = i->n;
      if (is_quantize(n)) fold_quantize(*i);
      if (!i->alive || n.in.empty() || n.out.empty() || is_output(n.out[0])) continue;
      bool nothing = n.is("Identity");
      nothing |= n.is("Dropout") && (n.out.size() < 2 || uses(n.out[1]).empty());
      if (n.is("Cast")) {
        const auto from = type_of(n.in[0]);
        const data_type_row* to = find_data_type(n.integer("to", undefined_data_type));
        nothing |= from && to && to->type == from;
      }
      if (!nothing) continue;
      const std::string from = n.out[0], to = n.in[0];
      remove(*i);
      replace_value(from, to);
    }
  }
  void fold_quantize(item& i) {
    const node& n = i.n;
    const array *x = constant(n.input(0)), *s = constant(n.input(1)), *z = constant(n.input(2));
    if (!x || !s || x->type != dtype::f32 || s->type != dtype::f32 || is_output(n.out[0])) return;
    if (!n.input(2).empty() && !z) return;
    const auto type = type_of(n.out[0]);
    const bool bytes = type && (is_8bit(*type) || is_16bit(*type));
    if (!bytes || n.integer("block_size", 0) != 0) return;
    const std::size_t channels = s->elements(), count = x->elements();
    std::size_t inner = 1;
    if (channels != 1) {
      std::int64_t axis = n.integer("axis", 1);
      if (axis < 0) axis += x->shape.rank;
      if (axis < 0 || axis >= x->shape.rank || s->shape.rank != 1 ||
          s->shape[0] != x->shape[static_cast<int>(axis)] || (z && z->elements() != channels))
        return;
      for (int k = static_cast<int>(axis) + 1; k < x->shape.rank; ++k)
        inner *= as_size(x->shape[k]);
    }
    if (channels == 0 || (z && (z->elements() == 0 || z->type != *type)) ||
        !room_for(count * size_of(*type)))
      return;
    const auto lo = static_cast<std::int32_t>(lowest_of(*type)),
               hi = static_cast<std::int32_t>(highest_of(*type));
    const auto quantized = [&]<class T>(T) {
      std::vector<T> to(count);
      for (std::size_t k = 0; k < count; ++k) {
        const std::size_t c = channels == 1 ? 0 : k / inner % channels;
        to[k] = static_cast<T>(
            numerics::quantize_even(x->as<float>()[k], s->as<float>()[c],
                                    z ? integer_of(*z, z->elements() == 1 ? 0 : c) : 0, lo, hi));
      }
      return array{*type, x->shape, constant_data::of(std::span<const T>(to))};
    };
    array a = *type == dtype::u8    ? quantized(std::uint8_t{})
              : *type == dtype::s8  ? quantized(std::int8_t{})
              : *type == dtype::u16 ? quantized(std::uint16_t{})
                                    : quantized(std::int16_t{});
    model_.constants.insert_or_assign(n.out[0], std::move(a));
    remove(i);
  }

  /// Expand to what is there already.
  void drop_expansions() {
    for (item* i : nodes_) {
      const node& n = i->n;
      if (!i->alive || !is_plain(n, "Expand") || is_output(n.out[0])) continue;
      const array* to = constant(n.input(1));
      const extent_list* x = shapes_.find(n.in[0]);
      if (!to || to->type != dtype::s64 || !x || to->elements() > x->size()) continue;
      const auto wanted = to->as<std::int64_t>();
      const std::size_t before = x->size() - wanted.size();
      bool same = true;
      for (std::size_t k = 0; k < wanted.size(); ++k) {
        const extent& e = (*x)[before + k];
        same &= wanted[k] == 1 || (e.known() && e.number == wanted[k]);
      }
      if (!same) continue;
      const std::string from = n.out[0], value = n.in[0];
      remove(*i);
      replace_value(from, value);
    }
  }
  /// PadFusion: zeros that a Pad puts around an image are a convolution's or an average's own.
  void fold_pads() {
    for (item* i : nodes_) {
      if (!i->alive || !is_plain(i->n, "Pad") || !one_reader(i->n.out[0])) continue;
      const use u = *uses(i->n.out[0]).begin();
      item& next = reader(u);
      if (u.second != 0 || (!is_plain(next.n, "Conv") && !is_plain(next.n, "AveragePool")))
        continue;
      const auto both = joined_pads(i->n, next.n);
      if (both.empty()) continue;
      attribute pads, counted;
      pads.integers = both, counted.integer = 1;
      next.n.attributes.insert_or_assign("pads", std::move(pads));
      if (next.n.op == "AveragePool")
        next.n.attributes.insert_or_assign("count_include_pad", std::move(counted));
      set_input(next, 0, i->n.in[0]);
      remove(*i);
    }
  }
  /// The pads of both nodes together; empty: they stay two.
  std::vector<std::int64_t> joined_pads(const node& pad, const node& next) const {
    std::vector<std::int64_t> around;
    bool zeros = pad.text("mode", "constant") == "constant" && pad.in.size() <= 3;
    if (const array* list = constant(pad.input(1)); list && list->type == dtype::s64)
      for (std::int64_t v : list->as<std::int64_t>()) around.push_back(v);
    if (const attribute* list = pad.find("pads"); list && model_.opset < 11)
      around = list->integers;
    if (const attribute* v = pad.find("value"); v && model_.opset < 11)
      zeros &= v->real.value_or(0) == 0;
    if (const std::string value = pad.input(2); !value.empty()) {
      const array* v = constant(value);
      zeros &=
          v && std::ranges::all_of(v->data.bytes, [](std::byte b) { return b == std::byte{}; });
    }
    const std::size_t rank = around.size() / 2;
    if (!zeros || rank < 3 || next.text("auto_pad", "NOTSET") != "NOTSET") return {};
    for (std::size_t k = 0; k < around.size(); ++k)
      if (around[k] < 0 || around[k] > INT32_MAX || (k % rank < 2 && around[k] != 0)) return {};
    std::vector<std::int64_t> own(2 * (rank - 2), 0);
    if (const attribute* list = next.find("pads")) own = list->integers;
    if (next.integer("ceil_mode", 0) != 0) return {};
    const bool counts = next.op != "AveragePool" || next.integer("count_include_pad", 0) != 0,
               none = std::ranges::all_of(own, [](std::int64_t v) { return v == 0; });
    if (own.size() != 2 * (rank - 2) || !(counts || none)) return {};
    for (std::size_t k = 0; k < own.size(); ++k) own[k] += around[k < rank - 2 ? k + 2 : k + 4];
    return own;
  }

  // ---- ONNX Runtime's passes ----

  /// Its passes of level 1 run again as long as they change something, ten times at most. What
  /// a round has done gives the next one new double pairs to remove, where anything.
  status place_pairs() {
    constexpr int most_rounds = 10;
    bool again = true;
    one_reader_per_dequantize();
    for (int round = 0; round < most_rounds; ++round) {
      if (!sort()) return cycle();
      if (!remove_double_pairs() && !again) break;
      merge_equal_quantizes();
      if (!sort()) return cycle();
      for (const item* i : order_) shapes_.follow(i->n);
      multiply_and_add();
      transpose_weights();
      if (cancel_transposes()) remove_double_pairs();
      dequantize_later();
      quantize_earlier();
      quantize_biases();
      one_reader_per_dequantize();
      again = join_transposes();
    }
    return unit{};
  }
  /// Constants that are one to ONNX Runtime where they are equal (ConstantSharing): numbers of
  /// these types. Two zero points of 8 or 16 bits are two although they are alike.
  static bool shared(const array& a) {
    return scalar(a) && (a.type == dtype::f32 || a.type == dtype::f16 || a.type == dtype::f64 ||
                         a.type == dtype::s32 || a.type == dtype::s64);
  }
  /// CommonSubexpressionElimination, of Q: equal ones of one value become one. A DQ stays one for
  /// each of its readers (EnsureUniqueDQForNodeUnit, which comes before all passes as well).
  void merge_equal_quantizes() {
    std::map<std::string, item*> seen;
    const auto bytes = [&](const std::string& name) {
      const array* a = constant(name);
      if (!a || !shared(*a)) return name;
      return std::string(name_of(a->type)) + std::to_string(a->narrow_bits) + to_string(a->shape) +
             std::string(reinterpret_cast<const char*>(a->data.bytes.data()), a->data.bytes.size());
    };
    for (item* i : nodes_) {
      node& n = i->n;
      if (!i->alive || !is_quantize(n) || n.in.size() < 2 || n.out.empty()) continue;
      std::string key = n.domain + "\n" + n.op + "\n" + n.in[0] + "\n" + bytes(n.in[1]) + "\n" +
                        bytes(n.input(2));
      for (const char* a : {"axis", "block_size", "output_dtype", "saturate"})
        key += "\n" + std::to_string(n.integer(a, -1000));
      const auto [at, first] = seen.emplace(std::move(key), i);
      if (first || is_output(n.out[0])) continue;
      const std::string from = n.out[0], to = at->second->n.out[0];
      remove(*i);
      replace_value(from, to);
    }
  }
  /// DoubleQDQPairsRemover: of Q, DQ, Q, DQ in a row the inner two go; the outer ones get the
  /// range that both pairs have. Of a longer row the first two pairs become one, and the next two,
  /// until the next round. Whether there was any.
  bool remove_double_pairs() {
    bool any = false;
    for (item* i : order_)
      if (i->alive && is_quantize(i->n)) any |= remove_double_pair(*i);
    return any;
  }
  /// The one reader of what a node gives, if it reads it as its first input.
  item* next_alone(const item& i) {
    if (i.n.out.size() != 1 || !one_reader(i.n.out[0])) return nullptr;
    const use u = *uses(i.n.out[0]).begin();
    return u.second == 0 ? &reader(u) : nullptr;
  }
  bool remove_double_pair(item& q1) {
    item* dq1 = next_alone(q1);
    if (!dq1 || !is_dequantize(dq1->n) || !is_pair(q1.n, dq1->n)) return false;
    item* q2 = next_alone(*dq1);
    if (!q2 || !is_quantize(q2->n) || q2->n.out.size() != 1 || is_output(q2->n.out[0]))
      return false;
    std::vector<item*> last;
    for (const use& u : uses(q2->n.out[0])) {
      last.push_back(&reader(u));
      if (u.second != 0 || !is_dequantize(last.back()->n) || !is_pair(q2->n, last.back()->n))
        return false;
    }
    if (last.empty()) return false;
    const parameters a = *scalar_parameters(q1.n), b = *scalar_parameters(q2->n);
    if (a.type != b.type || !(is_8bit(a.type) || is_16bit(a.type))) return false;
    if (a.zero_point != b.zero_point || !(std::fabs(a.scale - b.scale) < 1e-20f)) {
      const auto both = common_range(a, b);
      if (!both) return false;
      set_parameters(q1, *both);
      for (item* each : last) set_parameters(*each, *both);
    }
    for (item* each : last) set_input(*each, 0, q1.n.out[0]);
    remove(*q2);
    remove(*dq1);
    return true;
  }
  /// The range in which both pairs have codes, of which there may be none.
  static std::optional<parameters> common_range(const parameters& a, const parameters& b) {
    const auto lo = static_cast<float>(lowest_of(a.type)),
               hi = static_cast<float>(highest_of(a.type));
    const auto real = [](float q, const parameters& p) {
      return numerics::mul(q - static_cast<float>(p.zero_point), p.scale);
    };
    const float least = std::max(real(lo, a), real(lo, b)),
                most = std::min(real(hi, a), real(hi, b));
    parameters both = a;
    both.scale = numerics::div(numerics::sub(most, least), hi - lo);
    if (!(both.scale > 0)) return {};
    both.zero_point = static_cast<std::int32_t>(numerics::clamp_to_int(
        static_cast<double>(
            numerics::round_half_away(numerics::sub(lo, numerics::div(least, both.scale)))),
        static_cast<std::int32_t>(lo), static_cast<std::int32_t>(hi)));
    return both;
  }
  /// Constants of its own for a Q or DQ: equal zero points of two nodes are not one constant.
  void set_parameters(item& i, const parameters& p) {
    const std::string s = fresh(i.n.in[1]), z = fresh(i.n.in[2]);
    model_.constants[s] = array::of(std::span<const float>(&p.scale, 1), dims{});
    model_.constants[z] = zero_point_constant(p.type, p.zero_point);
    set_input(i, 1, s);
    set_input(i, 2, z);
  }
  static array zero_point_constant(dtype t, std::int32_t v) {
    array a;
    with_integer(t, [&]<class T>(type_tag<T>) {
      const T q = static_cast<T>(v);
      a = array::of(std::span<const T>(&q, 1), dims{});
    });
    return a;
  }

  // MatMulAddFusion, which comes before quantized groups are looked for.

  /// Gemm broadcasts its bias over rows, over columns or not at all; of more axes than two only a
  /// bias of one axis is taken, and all extents must be numbers.
  bool takes_bias(const node& product, const std::string& bias) {
    const extent_list *a = shapes_.find(product.in[0]), *b = shapes_.find(product.in[1]),
                      *c = shapes_.find(bias);
    if (!a || !b || !c || a->empty() || b->size() != 2 || !(*b)[1].known()) return false;
    const extent& columns = (*b)[1];
    if (a->size() == 2 && c->size() == 2) {
      const bool row = (*c)[0].number == 1 && (*c)[1] == columns,
                 rows = (*c)[0].known() && (*c)[0] == (*a)[0];
      return row || (rows && ((*c)[1].number == 1 || (*c)[1] == columns));
    }
    if (c->size() != 1 || (*c)[0] != columns) return false;
    if (a->size() == 2) return true;
    const auto counted = [](const extent& e) { return e.number > 0 && e.number <= INT32_MAX; };
    return std::ranges::all_of(*a, counted) && std::ranges::all_of(*b, counted);
  }
  /// Reshape to those extents, at `place`.
  void reshape(const std::string& x, const std::string& y, const extent_list& to, double place) {
    std::vector<std::int64_t> list;
    for (const extent& e : to) list.push_back(e.number);
    node n;
    n.op = "Reshape", n.name = y;
    n.in = {x, fresh(y)};
    n.out = {y};
    model_.constants[n.in[1]] = array::of(std::span<const std::int64_t>(list),
                                          dims{static_cast<std::int32_t>(list.size())});
    shapes_.set(y, to);
    add(std::move(n), place);
  }
  /// A product with a matrix and the sum that alone reads it: Gemm, between two Reshapes where the
  /// first operand is no matrix.
  void multiply_and_add() {
    const std::size_t count = nodes_.size();
    for (std::size_t k = 0; k < count; ++k) {
      item& product = *nodes_[k];
      if (!product.alive || !product.n.is("MatMul") || product.n.in.size() != 2 ||
          product.n.out.size() != 1 || !one_reader(product.n.out[0]))
        continue;
      item& sum = reader(*uses(product.n.out[0]).begin());
      if (!sum.n.is("Add") || sum.n.in.size() != 2 || sum.n.out.size() != 1) continue;
      const std::string a = product.n.in[0],
                        bias = sum.n.in[sum.n.in[0] == product.n.out[0] ? 1 : 0],
                        result = sum.n.out[0];
      const auto type = type_of(a);
      if ((type && *type != dtype::f32 && *type != dtype::f16) || !takes_bias(product.n, bias))
        continue;
      extent_list rows = *shapes_.find(a);
      const bool matrix = rows.size() == 2;
      std::int64_t m = 1;
      for (std::size_t i = 0; i + 1 < rows.size() && m <= INT32_MAX; ++i) m *= rows[i].number;
      if (!matrix && m > INT32_MAX) continue;
      node gemm;
      gemm.op = "Gemm", gemm.name = product.n.name;
      gemm.in = {a, product.n.in[1], bias};
      gemm.out = {result};
      const extent columns = (*shapes_.find(product.n.in[1]))[1];
      const double place = sum.place;
      remove(product);
      remove(sum);
      if (!matrix) {
        const extent all{m, {}};
        gemm.in[0] = fresh(a), gemm.out[0] = fresh(result);
        reshape(a, gemm.in[0], {all, rows.back()}, place);
        rows.back() = columns;
        reshape(gemm.out[0], result, rows, place);
        shapes_.set(gemm.out[0], {all, columns});
      }
      add(std::move(gemm), place);
    }
  }
  static array transposed(const array& a, std::span<const std::int64_t> perm) {
    const auto rank = as_size(a.shape.rank);
    std::vector<std::size_t> stride(rank, 1), step(rank), at(rank, 0);
    for (std::size_t k = rank; k-- > 1;)
      stride[k - 1] = stride[k] * as_size(a.shape[static_cast<int>(k)]);
    dims shape;
    for (std::size_t k = 0; k < rank; ++k) {
      shape.push_back(a.shape[static_cast<int>(perm[k])]);
      step[k] = stride[as_size(perm[k])];
    }
    const std::size_t size = size_of(a.type);
    std::vector<std::byte> to(a.elements() * size);
    std::size_t from = 0;
    for (std::size_t i = 0; i < to.size(); i += size) {
      std::memcpy(to.data() + i, a.data.bytes.data() + from * size, size);
      for (std::size_t k = rank; k-- > 0;) {
        const auto extent = as_size(shape[static_cast<int>(k)]);
        from += step[k];
        if (++at[k] < extent) break;
        from -= step[k] * extent;
        at[k] = 0;
      }
    }
    return {a.type, shape, constant_data::copy(to), a.narrow_bits};
  }
  /// Which axis of its input each axis of a Transpose's result is; empty: not as it must be.
  static std::vector<std::int64_t> permutation(const node& n, int rank) {
    std::vector<std::int64_t> perm, once;
    for (int k = rank; k-- > 0;) perm.push_back(k), once.insert(once.begin(), k);
    if (const attribute* a = n.find("perm")) perm = a->integers;
    std::vector<std::int64_t> sorted = perm;
    std::sort(sorted.begin(), sorted.end());
    return sorted == once ? perm : std::vector<std::int64_t>();
  }
  /// TransposeOptimizer: of a constant dequantized by channel, behind which a Transpose stands that
  /// one node reads, the elements themselves are transposed. With one scale the next pass does it.
  void transpose_weights() {
    const std::size_t count = nodes_.size();
    for (std::size_t k = 0; k < count; ++k) {
      item& move = *nodes_[k];
      if (!move.alive || !move.n.is("Transpose") || move.n.in.size() != 1 ||
          move.n.out.size() != 1 || !one_reader(move.n.out[0]) ||
          is_quantize(reader(*uses(move.n.out[0]).begin()).n))
        continue;
      const item* dq = producer(move.n.in[0]);
      if (!dq || !is_dequantize(dq->n) || dq->n.integer("block_size", 0) != 0) continue;
      const array *w = constant(dq->n.input(0)), *s = constant(dq->n.input(1));
      if (!w || !s || s->shape.rank != 1 || s->elements() == 1) continue;
      std::int64_t axis = dq->n.integer("axis", 1);
      if (axis < 0) axis += w->shape.rank;
      const auto perm = permutation(move.n, w->shape.rank);
      const auto to = std::find(perm.begin(), perm.end(), axis);
      if (to == perm.end() || !room_for(w->data.bytes.size())) continue;
      node n = dq->n;
      n.in[0] = fresh(dq->n.in[0]);
      array turned = transposed(*w, perm);
      model_.constants[n.in[0]] = std::move(turned);
      attribute moved;
      moved.integer = to - perm.begin();
      n.attributes.insert_or_assign("axis", moved);
      n.out = move.n.out;
      const double place = move.place;
      remove(move);
      add(std::move(n), place);
    }
  }

  /// The one reader of a value that is no result of the graph.
  item* only_reader(const std::string& value) {
    return one_reader(value) ? &reader(*uses(value).begin()) : nullptr;
  }
  /// The nodes around an operator: Transpose, Q, DQ, it, Q, DQ, Transpose; empty: others, or a
  /// value between them that somebody else reads.
  std::vector<item*> between_transposes(item& op) {
    item* dq = producer(op.n.in[0]);
    item* q = dq && is_dequantize(dq->n) ? producer(dq->n.in[0]) : nullptr;
    item* first = q && is_quantize(q->n) ? producer(q->n.in[0]) : nullptr;
    item* q_after = first && first->n.is("Transpose") ? only_reader(op.n.out[0]) : nullptr;
    item* dq_after = q_after && is_quantize(q_after->n) ? only_reader(q_after->n.out[0]) : nullptr;
    item* last = dq_after && is_dequantize(dq_after->n) ? only_reader(dq_after->n.out[0]) : nullptr;
    if (!last || !last->n.is("Transpose") || is_output(last->n.out[0])) return {};
    const std::vector<item*> all{first, q, dq, &op, q_after, dq_after, last};
    for (const item* i : all)
      if (i->n.out.size() != 1 || (i != last && !one_reader(i->n.out[0]))) return {};
    for (const item* i : {q, dq, q_after, dq_after})
      if (!scalar_parameters(i->n)) return {};
    return all;
  }
  /// TransposeOptimizer: a Transpose and its inverse around a quantized operator of one value go.
  bool cancel_transposes() {
    static const std::set<std::string_view> ops{"LeakyRelu", "LogSoftmax", "Relu",
                                                "Sigmoid",   "Softmax",    "Tanh"};
    constexpr std::int64_t one_axis = 13;  // Softmax before flattens
    bool any = false;
    for (item* op : std::vector<item*>(nodes_)) {
      node& n = op->n;
      if (!op->alive || !n.domain.empty() || !ops.contains(n.op) || n.in.size() != 1) continue;
      const bool rows = n.op == "Softmax" || n.op == "LogSoftmax";
      if (n.out.size() != 1 || (rows && model_.opset < one_axis)) continue;
      const auto around = between_transposes(*op);
      const attribute *to = around.empty() ? nullptr : around.front()->n.find("perm"),
                      *back = around.empty() ? nullptr : around.back()->n.find("perm");
      if (!to || !back || !undoes(to->integers, back->integers)) continue;
      const std::vector<std::int64_t> perm = to->integers;
      const auto rank = static_cast<std::int64_t>(perm.size());
      const std::int64_t axis = n.integer("axis", -1);
      if (rows && (axis < -rank || axis >= rank)) continue;
      if (rows) n.attributes["axis"].integer = perm[as_size(axis < 0 ? axis + rank : axis)];
      drop_first(around, perm);
      drop_last(*around.back());
      any = true;
    }
    return any;
  }
  /// Two Transposes with nothing but Q and DQ between them, after these have got their places: the
  /// second one does what both did, or where they undo each other both go.
  bool join_transposes() {
    bool any = false;
    for (item* first : std::vector<item*>(nodes_)) {
      if (!first->alive || !is_plain(first->n, "Transpose")) continue;
      std::vector<item*> around{first};
      item* next = next_alone(*first);
      for (; next && has_one_scale(next->n); next = next_alone(*next)) around.push_back(next);
      if (!next || !is_plain(next->n, "Transpose")) continue;
      around.push_back(next);
      any |= join(around);
    }
    return any;
  }
  bool has_one_scale(const node& n) {
    return (is_quantize(n) || is_dequantize(n)) && scalar_parameters(n);
  }
  bool join(const std::vector<item*>& around) {
    item& last = *around.back();
    const attribute *to = around.front()->n.find("perm"), *back = last.n.find("perm");
    if (!to || !back) return false;
    const std::vector<std::int64_t> perm = to->integers, then = back->integers;
    const int rank = static_cast<int>(perm.size());
    if (perm.size() > dims::max_rank || then.size() != perm.size() ||
        permutation(around.front()->n, rank).empty() || permutation(last.n, rank).empty())
      return false;
    const bool nothing = undoes(perm, then), result = is_output(last.n.out[0]);
    if (nothing && result && around.size() == 2) return false;
    drop_first(around, perm);
    if (nothing && result) return give_instead(*around[around.size() - 2], last);
    if (nothing) return drop_last(last);
    attribute both;
    for (std::int64_t k : then) both.integers.push_back(perm[as_size(k)]);
    last.n.attributes.insert_or_assign("perm", both);
    return true;
  }
  /// `last`, which reads what `before` gives, goes; its result is given by that.
  bool give_instead(item& before, item& last) {
    const std::string given = last.n.out[0];
    remove(last);
    producers_.erase(before.n.out[0]);
    before.n.out[0] = given;
    producers_[given] = &before;
    return true;
  }
  static bool undoes(const std::vector<std::int64_t>& perm, const std::vector<std::int64_t>& back) {
    if (perm.size() != back.size() || perm.empty()) return false;
    for (std::size_t k = 0; k < perm.size(); ++k)
      if (back[k] < 0 || as_size(back[k]) >= perm.size() ||
          perm[as_size(back[k])] != static_cast<std::int64_t>(k))
        return false;
    return true;
  }
  void drop_first(const std::vector<item*>& around, const std::vector<std::int64_t>& perm) {
    item& first = *around.front();
    for (std::size_t i = 1; i + 1 < around.size(); ++i) {
      const std::string& value = around[i]->n.out[0];
      shapes_.set_before(value, value, perm);
    }
    set_input(*around[1], 0, first.n.in[0]);
    remove(first);
  }
  bool drop_last(item& last) {
    const std::string from = last.n.out[0], to = last.n.in[0];
    remove(last);
    replace_value(from, to);
    return true;
  }

  /// What QDQPropagationTransformer looks through.
  bool propagates(const node& n) const {
    if (!n.domain.empty() || n.in.empty() || n.out.empty()) return false;
    return (n.op == "MaxPool" && model_.opset >= 12 && n.out.size() == 1) || n.op == "Reshape" ||
           n.op == "Transpose" || n.op == "Squeeze" || n.op == "Unsqueeze" || n.op == "Slice";
  }
  /// Q and DQs after `value`, for these readers of it; the codes.
  std::string insert_pair(const node& like, const std::string& value,
                          const std::vector<use>& readers, double place) {
    const std::string q = fresh(value + "/quantized");
    node quantize;
    quantize.op = "QuantizeLinear", quantize.domain = like.domain, quantize.name = q;
    quantize.in = {value, like.in[1]};
    if (!like.input(2).empty()) quantize.in.push_back(like.in[2]);
    quantize.out = {q};
    add(std::move(quantize), place);
    for (const use& u : readers) {
      const std::string dq = fresh(value + "/dequantized");
      dequantize(like, q, dq, place);
      set_input(items_[u.first], u.second, dq);
    }
    return q;
  }
  void dequantize(const node& like, const std::string& codes, const std::string& to, double place) {
    node dq;
    dq.op = "DequantizeLinear", dq.domain = like.domain, dq.name = to;
    dq.in = like.in;
    dq.in[0] = codes;
    dq.out = {to};
    add(std::move(dq), place);
  }
  /// The same after a result of the graph, which is what the codes stand for.
  void insert_pair_in_result(const node& like, item& source, const std::string& given,
                             const std::vector<use>& readers, double place) {
    const std::string value = fresh(given);
    for (std::string& o : source.n.out)
      if (o == given) o = value;
    producers_.erase(given);
    producers_[value] = &source;
    dequantize(like, insert_pair(like, value, readers, place), given, place);
  }
  /// DQ, a move, ...: another pair stands behind the move.
  void dequantize_later() {
    const std::size_t count = nodes_.size();
    for (std::size_t k = 0; k < count; ++k) {
      if (!nodes_[k]->alive || !is_dequantize(nodes_[k]->n)) continue;
      const node dq = nodes_[k]->n;
      if (dq.out.empty() || !one_reader(dq.out[0]) || !scalar_parameters(dq)) continue;
      const use first = *uses(dq.out[0]).begin();
      if (first.second != 0) continue;
      std::vector<item*> open{&reader(first)};
      while (!open.empty()) {
        item& move = *open.back();
        open.pop_back();
        if (!move.alive || !propagates(move.n)) continue;
        const std::string value = move.n.out[0];
        std::vector<use> readers;
        for (const use& u : uses(value))
          if (!is_quantize(reader(u).n)) readers.push_back(u);
        if (readers.empty() && !is_output(value)) continue;
        for (const use& u : readers)
          if (u.second == 0) open.push_back(&reader(u));
        if (is_output(value))
          insert_pair_in_result(dq, move, value, readers, move.place);
        else
          insert_pair(dq, value, readers, move.place);
      }
    }
  }
  /// TransposeOptimizer, where it repairs the pairs around the Transposes that it has moved: a
  /// result of the graph that is read by nothing but a Transpose, the only one before the Q. (Of
  /// two in a row the second one then reads what the first one reads.)
  bool quantizes_output(const node& q, const item& move, const item* source) {
    const std::string& value = move.n.in[0];
    return source && !is_dequantize(source->n) && !source->n.is("Transpose") &&
           move.n.is("Transpose") && is_output(value) && uses(value).size() == 1 &&
           !is_output(q.out[0]);
  }
  /// ..., a move, Q: another pair stands before the move.
  void quantize_earlier() {
    const std::size_t count = nodes_.size();
    const bool repairs =
        std::ranges::any_of(nodes_, [](const item* i) { return i->alive && is_dequantize(i->n); });
    for (std::size_t k = 0; k < count; ++k) {
      if (!nodes_[k]->alive || !is_quantize(nodes_[k]->n)) continue;
      const node q = nodes_[k]->n;
      if (!scalar_parameters(q)) continue;
      std::string at = q.in[0];
      bool turned = false;  // by a Transpose before
      while (one_reader(at)) {
        item* move = producer(at);
        if (!move || !propagates(move->n)) break;
        at = move->n.in[0];
        item* source = producer(at);
        if (repairs && !std::exchange(turned, turned || move->n.is("Transpose")) &&
            quantizes_output(q, *move, source)) {
          const std::string given = at;
          insert_pair_in_result(q, *source, given, {use{move->id, 0}}, move->place);
          break;
        }
        const bool given = input_types_.contains(at);  // whoever else reads it
        if ((!given && !one_reader(at)) || (source && is_dequantize(source->n)) || constant(at))
          break;
        insert_pair(q, at, {use{move->id, 0}}, move->place);
      }
    }
  }
  /// WeightBiasQuantization: float biases, and float weights, of layers between DQ and Q.
  void quantize_biases() {
    const std::size_t count = nodes_.size();
    for (std::size_t k = 0; k < count; ++k) {
      item& i = *nodes_[k];
      if (!i.alive || !i.n.domain.empty() || i.n.in.size() < 2 || i.n.out.size() != 1 ||
          (i.n.op != "Conv" && i.n.op != "ConvTranspose" && i.n.op != "Gemm"))
        continue;
      item *x = producer(i.n.in[0]), *w = producer(i.n.in[1]);
      if (!x || !is_dequantize(x->n) || !leads_to_quantize(i.n.out[0])) continue;
      const array* x_scale = constant(x->n.input(1));
      if (!x_scale || !scalar(*x_scale) || x_scale->type != dtype::f32) continue;
      const array *bias = constant(i.n.input(2)), *weights = constant(i.n.in[1]);
      const bool quantized = w && is_dequantize(w->n), has_bias = !i.n.input(2).empty();
      if (!quantized && (!weights || weights->type != dtype::f32 || weights->elements() == 0))
        continue;
      if (has_bias && (!bias || bias->shape.rank != 1 || bias->type != dtype::f32)) continue;
      if (quantized && !has_bias) continue;
      if (!room_for((has_bias ? 8 * bias->elements() : 0) + (quantized ? 0 : weights->elements())))
        continue;
      const array* w_scale = nullptr;
      if (quantized) {
        w_scale = constant(w->n.input(1));
        if (!w_scale || w_scale->type != dtype::f32) continue;
        if (!scalar(*w_scale) && !fits_channels(i.n, w->n, *w_scale, *bias)) continue;
      } else {
        w_scale = quantize_weights(i, *weights);
      }
      if (has_bias) quantize_bias(i, x_scale->as<float>()[0], *w_scale, *bias);
    }
  }
  bool leads_to_quantize(std::string value) {
    for (int steps = 0; steps < 64 && uses(value).size() == 1; ++steps) {
      const node& n = reader(*uses(value).begin()).n;
      if (is_quantize(n)) return true;
      if ((n.op != "Relu" && n.op != "Clip") || n.out.size() != 1) return false;
      value = n.out[0];
    }
    return false;
  }
  /// Whether weights have a scale for each of the layer's results, on the axis that these lie on.
  bool fits_channels(const node& layer, const node& dq, const array& scale, const array& bias) {
    if (scale.shape.rank != 1 || scale.shape[0] != bias.shape[0] ||
        dq.integer("block_size", 0) != 0)
      return false;
    std::int64_t axis = dq.integer("axis", 1);
    const array* w = constant(dq.in[0]);
    if (axis < 0) axis += w ? w->shape.rank : 0;
    const bool second =
        layer.op == "ConvTranspose" || (layer.op == "Gemm" && layer.integer("transB", 0) == 0);
    return axis == (second ? 1 : 0);
  }
  /// One int8 scale and zero point for all weights.
  const array* quantize_weights(item& i, const array& w) {
    const auto values = w.as<float>();
    float least = 0, largest = 0;
    for (float v : values) {
      if (v < least) least = v;
      if (v > largest) largest = v;
    }
    const laws::int8_range range = laws::range_of_float_weights(least, largest);
    const float scale = range.scale;
    std::vector<std::int8_t> q;
    for (float v : values)
      q.push_back(
          static_cast<std::int8_t>(numerics::quantize_even(v, scale, range.zero_point, -128, 127)));
    const std::string base = i.n.in[1], name = fresh(base), s = fresh(base), z = fresh(base);
    model_.constants[name] = {dtype::s8, w.shape,
                              constant_data::of(std::span<const std::int8_t>(q))};
    model_.constants[z] = zero_point_constant(dtype::s8, range.zero_point);
    array& kept = model_.constants[s];
    kept = array::of(std::span<const float>(&scale, 1), dims{});
    node dq;
    dq.op = "DequantizeLinear", dq.name = name;
    dq.in = {name, s, z};
    dq.out = {fresh(base)};
    const std::string out = dq.out[0];
    add(std::move(dq), i.place);
    set_input(i, 1, out);
    return &kept;
  }
  void quantize_bias(item& i, float x_scale, const array& w_scale, const array& bias) {
    std::vector<float> scales;
    for (float v : w_scale.as<float>())
      scales.push_back(laws::stored_accumulator_scale(x_scale, v));
    std::vector<std::int32_t> q;
    for (std::size_t c = 0; c < bias.elements(); ++c)
      q.push_back(laws::divided_bias(bias.as<float>()[c], scales[scales.size() == 1 ? 0 : c]));
    const std::string base = i.n.in[2], name = fresh(base), s = fresh(base);
    model_.constants[name] = array::of(std::span<const std::int32_t>(q), bias.shape);
    model_.constants[s] = array::of(std::span<const float>(scales), w_scale.shape);
    node dq;
    dq.op = "DequantizeLinear", dq.name = name;
    dq.in = {name, s};
    dq.out = {fresh(base)};
    if (scales.size() != 1) {
      attribute axis;
      axis.integer = 0;
      dq.attributes.emplace("axis", axis);
    }
    const std::string out = dq.out[0];
    add(std::move(dq), i.place);
    set_input(i, 2, out);
  }
  /// EnsureUniqueDQForNodeUnit.
  void one_reader_per_dequantize() {
    const std::size_t count = nodes_.size();
    for (std::size_t k = 0; k < count; ++k) {
      item& i = *nodes_[k];
      if (!i.alive || !is_dequantize(i.n) || i.n.out.size() != 1) continue;
      const auto readers = uses(i.n.out[0]);
      bool first = !is_output(i.n.out[0]);
      for (const use& u : readers) {
        if (std::exchange(first, false)) continue;
        node copy = i.n;
        copy.out = {fresh(i.n.out[0])};
        const std::string out = copy.out[0];
        add(std::move(copy), i.place);
        set_input(items_[u.first], u.second, out);
      }
    }
  }
  /// ReluQuantFusion, ClipQuantFusion: the rounding of the following Q saturates anyway.
  void drop_redundant_clips() {
    for (item* i : nodes_) {
      node& n = i->n;
      if (!i->alive || !n.domain.empty() || (n.op != "Relu" && n.op != "Clip") ||
          n.out.size() != 1 || !one_reader(n.out[0]))
        continue;
      const node& q = reader(*uses(n.out[0]).begin()).n;
      if (!is_quantize(q)) continue;
      const auto p = scalar_parameters(q);
      if (!p || !redundant(n, *p) || !(p->zero_point_given || group_has_bound(n))) continue;
      const std::string from = n.out[0], to = n.in[0];
      remove(*i);
      replace_value(from, to);
    }
  }
  /// Whether the bound stands in a group of an operator that may have one before its Q.
  bool group_has_bound(const node& bound) {
    const item* i = producer(bound.in[0]);
    if (!i || !one_reader(bound.in[0]) || !i->n.domain.empty()) return false;
    for (const rule& r : rules)
      if (r.op == i->n.op) return !moves(r.what) && r.what != kind::index && r.what != kind::split;
    return false;
  }
  bool redundant(const node& n, const parameters& p) {
    const auto lo = lowest_of(p.type), hi = highest_of(p.type);
    if (n.op == "Relu") return p.zero_point == lo;
    const auto bounds = clip_bounds(n);
    // A NaN bounds nothing, and has no code.
    if (!bounds || numerics::is_nan(bounds->first) || numerics::is_nan(bounds->second))
      return false;
    const auto code = [&](float v) {
      return laws::quantized_bound(laws::library::onnxruntime, v, static_cast<double>(p.scale),
                                   p.zero_point);
    };
    return code(bounds->first) <= lo && code(bounds->second) >= hi;
  }
  /// Constants; none: not both are.
  std::optional<std::pair<float, float>> clip_bounds(const node& n) {
    constexpr float most = std::numeric_limits<float>::max();
    std::pair<float, float> b{-most, most};
    float* ends[] = {&b.first, &b.second};
    for (std::size_t k = 0; k < 2; ++k) {
      if (model_.opset < 11) {
        const attribute* a = n.find(k == 0 ? "min" : "max");
        if (a && a->real) *ends[k] = *a->real;
      } else if (!n.input(k + 1).empty()) {
        const array* a = constant(n.in[k + 1]);
        if (!a || a->type != dtype::f32 || a->elements() != 1) return {};
        *ends[k] = a->as<float>()[0];
      }
    }
    return b;
  }
  /// QDQS8ToU8Transformer: int8 between one Q and one DQ becomes uint8, 128 higher. Constants stay
  /// as they are: it takes those too under session.x64quantprecision only, which is not the
  /// default.
  void signed_to_unsigned() {
    const std::size_t count = nodes_.size();
    for (std::size_t k = 0; k < count; ++k) {
      item& i = *nodes_[k];
      if (!i.alive || !is_quantize(i.n) || i.n.in.size() != 3 || i.n.out.empty() ||
          !one_reader(i.n.out[0]))
        continue;
      item& dq = reader(*uses(i.n.out[0]).begin());
      if (!is_dequantize(dq.n) || dq.n.in.size() != 3) continue;
      const array *a = constant(i.n.in[2]), *b = constant(dq.n.in[2]);
      if (!a || !b || a->elements() != 1 || b->elements() != 1 || whole_type(*a) != dtype::s8 ||
          whole_type(*b) != dtype::s8 || integer_of(*a, 0) != integer_of(*b, 0))
        continue;
      const std::string z = fresh(i.n.in[2]);
      model_.constants[z] = unsigned_of(*a);
      set_input(i, 2, z);
      set_input(dq, 2, z);
    }
  }
  static array unsigned_of(const array& a) {
    std::vector<std::uint8_t> to;
    for (std::int8_t v : a.as<std::int8_t>()) to.push_back(static_cast<std::uint8_t>(v + 128));
    return array::of(std::span<const std::uint8_t>(to), a.shape);
  }

  // ---- QDQSelectorActionTransformer ----

  /// An operator with the DQs that it reads and the Qs that read it.
  struct group {
    std::vector<item*> dq, q;
    std::size_t inputs = 0, outputs = 0, readers = 0;  // that are there
    bool gives_output = false;                         // of the graph
  };
  group group_of(item& i) {
    group g;
    for (std::size_t k = 0; k < i.n.in.size(); ++k) {
      g.inputs += !i.n.in[k].empty();
      if (item* p = producer(i.n.in[k]); p && is_dequantize(p->n)) g.dq.push_back(p);
    }
    for (const std::string& o : i.n.out) {
      if (o.empty()) continue;
      ++g.outputs;
      g.gives_output |= is_output(o);
      for (const use& u : uses(o)) {
        ++g.readers;
        if (is_quantize(reader(u).n)) g.q.push_back(&reader(u));
      }
    }
    return g;
  }
  static bool all_quantized(const group& g) {
    return g.outputs == g.q.size() && g.q.size() == g.readers && !g.gives_output;
  }
  std::optional<dtype> in_type(const item& dq) {
    if (const array* z = constant(dq.n.input(2))) return whole_type(*z);
    return type_of(dq.n.input(0));
  }
  std::optional<dtype> out_type(const item& q) {
    return q.n.out.empty() ? std::optional<dtype>() : type_of(q.n.out[0]);
  }

  enum class kind : std::uint8_t {
    move,
    move_8bit,
    largest,
    index,
    split,
    unary,
    binary,
    variadic,
    convolution,
    product,
    matrix,
    where
  };
  static constexpr bool moves(kind k) {
    return k == kind::move || k == kind::move_8bit || k == kind::largest;
  }
  struct rule {
    std::string_view op;
    kind what;
    std::string_view to, domain;
  };
  static constexpr std::string_view microsoft = microsoft_domain;
  static constexpr rule rules[] = {
      {"Expand", kind::move, {}, {}},
      {"Flatten", kind::move, {}, {}},
      {"Gather", kind::move, {}, {}},
      {"GatherElements", kind::move, {}, {}},
      {"Reshape", kind::move, {}, {}},
      {"Slice", kind::move, {}, {}},
      {"Squeeze", kind::move, {}, {}},
      {"Tile", kind::move, {}, {}},
      {"Transpose", kind::move, {}, {}},
      {"Unsqueeze", kind::move, {}, {}},
      {"Resize", kind::move_8bit, {}, {}},
      {"MaxPool", kind::largest, {}, {}},
      {"ReduceMax", kind::largest, {}, {}},
      {"ReduceMin", kind::largest, {}, {}},
      {"ArgMax", kind::index, {}, {}},
      {"Split", kind::split, {}, {}},
      {"AveragePool", kind::unary, "QLinearAveragePool", microsoft},
      {"LeakyRelu", kind::unary, "QLinearLeakyRelu", microsoft},
      {"GlobalAveragePool", kind::unary, "QLinearGlobalAveragePool", microsoft},
      {"Sigmoid", kind::unary, "QLinearSigmoid", microsoft},
      {"Softmax", kind::unary, "QLinearSoftmax", microsoft},
      {"Add", kind::binary, "QLinearAdd", microsoft},
      {"Mul", kind::binary, "QLinearMul", microsoft},
      {"Concat", kind::variadic, "QLinearConcat", microsoft},
      {"Conv", kind::convolution, "QLinearConv", {}},
      {"MatMul", kind::product, "QLinearMatMul", {}},
      {"Gemm", kind::matrix, "QGemm", microsoft},
      {"Where", kind::where, "QLinearWhere", microsoft},
  };

  void fuse(item& i) {
    if (is_quantize(i.n) || is_dequantize(i.n) || i.n.out.empty()) return;
    for (const auto& [key, a] : i.n.attributes)
      if (a.graph) return;  // nodes of its subgraphs have reasons of their own
    const group g = group_of(i);
    for (const std::string& name : i.n.in)
      if (dequantized_outside_.contains(name))
        i.n.kept_float =
            "ONNX Runtime keeps it in float: an input is dequantized outside of the subgraph";
    if (g.dq.empty() || !i.n.kept_float.empty()) return;
    const rule* r = nullptr;
    if (i.n.domain.empty())
      for (const rule& each : rules)
        if (each.op == i.n.op) r = &each;
    if (!r) {
      i.n.kept_float = "ONNX Runtime has no quantized " + i.n.op;
      return;
    }
    if (std::string why = refusal(*r, i, g); why.empty())
      replace(*r, i, g);
    else if (becomes_blocks(*r, i, g))
      i.n.kept_float =
          "ONNX Runtime makes MatMulNBits of it, with 8-bit activations; here in float";
    else
      i.n.kept_float = "ONNX Runtime keeps it in float: " + why;
  }
  /// Whether a Relu or Clip alone reads a result, and one node alone reads that: ONNX Runtime then
  /// looks for a Q behind both, and finds no group where there is none, or where the bound does
  /// something that the Q does not (else it has gone).
  bool read_by_bound(const item& i) {
    const auto readers = uses(i.n.out[0]);
    if (i.n.out.size() != 1 || readers.size() != 1) return false;
    const node& next = reader(*readers.begin()).n;
    return (next.op == "Relu" || next.op == "Clip") && next.out.size() == 1 &&
           uses(next.out[0]).size() == 1 && !is_output(next.out[0]);
  }
  /// DQMatMulToMatMulNBits, which octet does not follow: a product of floats, or of 16-bit values,
  /// with a constant matrix of at most 8 bits. The matrix has a scale for each column, or one
  /// without an axis, or scales for blocks; a Q that reads the result is not to 8 bits.
  bool becomes_blocks(const rule& r, const item& i, const group& g) {
    if ((r.what != kind::product && r.what != kind::matrix) || read_by_bound(i)) return false;
    item *x = producer(i.n.input(0)), *w = producer(i.n.input(1));
    if (!w || !is_dequantize(w->n)) return false;
    if (x && is_dequantize(x->n) && !is_16bit(in_type(*x).value_or(dtype::u8))) return false;
    if (i.n.integer("transA", 0) != 0 || i.n.integer("transB", 0) != 0) return false;
    for (const char* factor : {"alpha", "beta"})
      if (const attribute* f = i.n.find(factor); f && f->real.value_or(1) != 1) return false;
    const array *codes = constant(w->n.input(0)), *s = constant(w->n.input(1));
    if (!codes || !s || codes->shape.rank != 2 || !is_8bit(codes->type)) return false;
    const bool blocks = w->n.integer("block_size", 0) != 0 && w->n.integer("axis", 1) == 0;
    const bool one = s->shape.rank == 0, columns = s->shape.rank == 1 &&
                                                   s->shape[0] == codes->shape[1] &&
                                                   w->n.integer("axis", 1) == 1;
    return (one || columns || blocks) &&
           (g.q.empty() || is_16bit(out_type(*g.q[0]).value_or(dtype::u8)));
  }
  /// How many inputs of a group must be quantized.
  static std::size_t quantized_inputs(kind what, const group& g) {
    switch (what) {
      case kind::move:
      case kind::move_8bit:
      case kind::largest:
      case kind::index:
      case kind::split:
      case kind::unary: return 1;
      case kind::where:
      case kind::product: return 2;
      case kind::binary:
      case kind::variadic:
      case kind::convolution:
      case kind::matrix: break;
    }
    return g.inputs;
  }
  /// Empty: the group is taken.
  std::string refusal(const rule& r, item& i, const group& g) {
    const bool open = r.what == kind::product || r.what == kind::matrix;  // may give floats
    if (g.dq.size() != quantized_inputs(r.what, g)) return "an input is not quantized";
    for (const auto* list : {&g.dq, &g.q})
      for (item* each : *list)
        if (const array* s = constant(each->n.input(1)); s && s->type != dtype::f32)
          return std::string(name_of(s->type)) + " scales";
    std::vector<dtype> in;
    for (item* d : g.dq) {
      const auto t = in_type(*d);
      if (!t) return "the element type of an input is not known";
      in.push_back(*t);
    }
    if (r.what == kind::index) {
      const auto p = scalar_parameters(g.dq[0]->n);
      if (is_16bit(in[0])) return "16-bit values";
      return p && p->zero_point_given ? "" : "no zero point";
    }
    if (g.q.empty() && !open) return "its result is not quantized";
    if (read_by_bound(i)) return "a Relu or Clip that does something alone reads its result";
    if (!g.q.empty() && !all_quantized(g)) return "its result is read by others too";
    if (r.op == "MaxPool" && model_.opset < 12) return "MaxPool of an opset before 12";
    if (r.op == "Resize" && i.n.text("mode", "nearest") != "nearest") return "it interpolates";
    std::optional<dtype> out;
    for (item* q : g.q) {
      const auto t = out_type(*q);
      if (!t || *t != in[0]) return "input and result have different types";
      out = t;
    }
    const bool wide_allowed = r.what == kind::move || r.what == kind::split;
    for (std::size_t k = 0; k < in.size(); ++k) {
      const bool bias = k == 2 && (r.what == kind::convolution || r.what == kind::matrix);
      if (bias) {
        if (in[k] != dtype::s32) return "its bias is not int32";
        continue;
      }
      if (!wide_allowed && is_16bit(in[k])) return "16-bit values";
      if (!is_8bit(in[k]) && !(wide_allowed && is_16bit(in[k])))
        return std::string(name_of(in[k])) + " values";
    }
    if (moves(r.what) || r.what == kind::split) {
      for (item* q : g.q)
        if (!is_pair(q->n, g.dq[0]->n)) return "it changes scale or zero point";
      return {};
    }
    if (r.what == kind::binary || r.what == kind::variadic || r.what == kind::where)
      for (dtype t : in)
        if (t != in[0]) return "its inputs have different types";
    if ((r.what == kind::convolution || r.what == kind::product) && in[0] == dtype::s8)
      return "int8 activations on x86";
    if (std::string why = refused_scales(r, i, g); !why.empty()) return why;
    if (r.what == kind::matrix && in[0] == dtype::s8 && in[1] != dtype::s8)
      return "int8 activations with uint8 weights";
    if (r.what == kind::matrix && in.size() > 2)
      for (const char* factor : {"alpha", "beta"})
        if (const attribute* f = i.n.find(factor); f && f->real.value_or(1) != 1)
          return std::string(factor) + " is not 1, with a bias";
    return {};
  }

  /// Whether a DQ or Q has at most one scale: none that is known says no more.
  bool one_scale(const item& d) {
    const array* s = constant(d.n.input(1));
    return !s || scalar(*s);
  }
  /// Scales for each channel where ONNX Runtime wants one, biases of other scales than the
  /// accumulator's. Where a group is taken although its operator does not run (a convolution of
  /// several input scales without a bias), ONNX Runtime has no result, and neither has octet.
  std::string refused_scales(const rule& r, const item& i, const group& g) {
    switch (r.what) {
      case kind::convolution: return g.dq.size() > 2 ? refused_bias(g) : std::string();
      case kind::product:
      case kind::matrix: return refused_matrices(r, i, g);
      case kind::unary:
        if (r.op != "Softmax" || one_scale(*g.dq[0])) return {};
        return "scales for each channel";
      case kind::binary:
      case kind::variadic:
        for (const auto* list : {&g.dq, &g.q})
          for (const item* each : *list)
            if (!one_scale(*each)) return "scales for each channel";
        return {};
      case kind::where:
      case kind::move:
      case kind::move_8bit:
      case kind::largest:
      case kind::index:
      case kind::split: break;
    }
    return {};
  }
  /// A convolution's int32 bias must be one of its accumulator: all scales constants, the input's
  /// one number, the bias's that of each channel (laws::fits_accumulator), its zero points 0.
  std::string refused_bias(const group& g) {
    const array *x = constant(g.dq[0]->n.input(1)), *w = constant(g.dq[1]->n.input(1)),
                *b = constant(g.dq[2]->n.input(1));
    if (!x || !w || !b) return "a scale is not a constant";
    if (!scalar(*x)) return "scales for each channel of its input, with a bias";
    const std::size_t channels = std::max(w->elements(), b->elements());
    for (const array* each : {w, b})
      if (each->elements() != 1 && each->elements() != channels)
        return "as many scales of its bias as fit no channels";
    for (std::size_t c = 0; c < channels; ++c) {
      const float sw = w->as<float>()[w->elements() == 1 ? 0 : c],
                  sb = b->as<float>()[b->elements() == 1 ? 0 : c];
      if (!laws::fits_accumulator(sb, laws::stored_accumulator_scale(x->as<float>()[0], sw)))
        return "the scale of its bias is not that of its input times that of its weights";
    }
    if (g.dq[2]->n.input(2).empty()) return {};
    const array* zero = constant(g.dq[2]->n.input(2));
    if (!zero) return "the zero point of its bias is not a constant";
    for (std::size_t c = 0; c < zero->elements(); ++c)
      if (integer_of(*zero, c) != 0) return "the zero point of its bias is not 0";
    return {};
  }
  /// Matrix products have one scale but for columns of constant weights; Gemm needs zero points.
  /// A MatMul without Q is taken whatever its scales are.
  std::string refused_matrices(const rule& r, const item& i, const group& g) {
    const bool gemm = r.what == kind::matrix;
    if (!gemm && g.q.empty()) return {};
    const node& weights = g.dq[1]->n;
    if (gemm && (g.dq[0]->n.input(2).empty() || weights.input(2).empty()))
      return "an input has no zero point";
    if (!one_scale(*g.dq[0]) || (!g.q.empty() && !one_scale(*g.q[0])))
      return "scales for each channel";
    const array *s = constant(weights.input(1)), *w = constant(weights.input(0));
    if (!s || scalar(*s) || !w) return {};
    if (w->shape.rank != 2) return gemm ? std::string() : "scales of weights of several matrices";
    std::int64_t axis = weights.integer("axis", 1);
    if (axis < 0) axis += 2;
    const int columns = gemm && i.n.integer("transB", 0) != 0 ? 0 : 1;
    if (s->shape.rank == 1 && s->shape[0] == w->shape[columns] && (gemm || axis == columns))
      return {};
    return "scales of its weights that are not for each column";
  }

  /// Scale and zero point of a Q or DQ. Operators of codes must have a zero point, which Q and DQ
  /// may leave out: it is 0 then.
  void append_scale(std::vector<std::string>& to, const item& i) {
    to.push_back(i.n.in[1]);
    to.push_back(i.n.input(2));
    if (!to.back().empty()) return;
    to.back() = fresh(i.n.in[1] + "/zero");
    const auto type = is_quantize(i.n) ? out_type(i) : in_type(i);
    model_.constants[to.back()] = zero_point_constant(type.value_or(dtype::u8), 0);
  }
  void append_codes(std::vector<std::string>& to, const item& dq) {
    to.push_back(dq.n.in[0]);
    append_scale(to, dq);
  }
  /// The inputs of the node that stands for a group.
  std::vector<std::string> inputs_of(const rule& r, const item& i, const group& g) {
    std::vector<std::string> in;
    switch (r.what) {
      case kind::move:
      case kind::move_8bit:
      case kind::largest:
      case kind::index:
      case kind::split:
        in = i.n.in;
        for (std::string& name : in)
          if (name == g.dq[0]->n.out[0]) name = g.dq[0]->n.in[0];
        break;
      case kind::unary:
      case kind::binary:
      case kind::convolution:
      case kind::product:
        for (std::size_t k = 0; k < g.dq.size() && k < 2; ++k) append_codes(in, *g.dq[k]);
        if (!g.q.empty()) append_scale(in, *g.q[0]);
        if (g.dq.size() > 2) in.push_back(g.dq[2]->n.in[0]);
        break;
      case kind::variadic:
        append_scale(in, *g.q[0]);
        for (item* d : g.dq) append_codes(in, *d);
        break;
      case kind::matrix:
        append_codes(in, *g.dq[0]);
        append_codes(in, *g.dq[1]);
        in.push_back(g.dq.size() > 2 ? g.dq[2]->n.in[0] : std::string());
        if (!g.q.empty()) append_scale(in, *g.q[0]);
        break;
      case kind::where:
        in.push_back(i.n.in[0]);
        append_codes(in, *g.dq[0]);
        append_codes(in, *g.dq[1]);
        append_scale(in, *g.q[0]);
        break;
    }
    return in;
  }
  void replace(const rule& r, item& i, const group& g) {
    node n = i.n;
    std::vector<std::string> in = inputs_of(r, i, g);
    if (!r.to.empty()) n.op = r.to, n.domain = r.domain;
    if (r.what == kind::product && g.q.empty()) {
      n.op = "MatMulIntegerToFloat", n.domain = microsoft;
      const node &a = g.dq[0]->n, &b = g.dq[1]->n;
      in = {a.input(0), b.input(0), a.input(1), b.input(1), a.input(2), b.input(2)};
    }
    if (g.q.empty() && r.what != kind::index)
      n.kept_float = "its result is not quantized: the sum of codes is scaled in float";
    if (r.op == "Softmax") {
      attribute opset;
      opset.integer = model_.opset;
      n.attributes.insert_or_assign("opset", opset);
    }
    n.in = std::move(in);
    // Results in the order of the operator's own.
    for (std::string& o : n.out)
      for (item* q : g.q)
        if (q->n.in[0] == o) {
          o = q->n.out[0];
          break;
        }
    const double place = i.place;
    for (item* q : g.q) {
      if (const auto type = out_type(*q)) group_types_.emplace(q->n.out[0], *type);
      remove(*q);
    }
    remove(i);
    for (item* d : g.dq)
      if (uses(d->n.out[0]).empty() && !is_output(d->n.out[0])) remove(*d);
    add(std::move(n), place);
  }

  known_shapes& shapes_;
  std::map<std::string, std::optional<dtype>> input_types_;
  std::set<std::string> dequantized_outside_;
  std::map<std::string, dtype> group_types_;  // of what groups give
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_FUSE_HPP_
// ---- octet/import/onnx/fuse_floats.hpp
// Chains of float operators that ONNX Runtime 1.32 runs as one operator at its default level of
// optimization, where that decides the last bits: GELU by erf, normalizations of rows and of sums,
// matrix products with a factor or of matrices turned. One function a pattern, as its graph passes
// look for them.
#ifndef OCTET_IMPORT_ONNX_FUSE_FLOATS_HPP_
#define OCTET_IMPORT_ONNX_FUSE_FLOATS_HPP_

#include <algorithm>
#include <cmath>


OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class float_fuser : node_graph {
 public:
  /// `shapes`: what the file says, and what followed for its nodes as they were.
  float_fuser(model& m, known_shapes& shapes) : node_graph(m), shapes_(shapes) {
    for (const value_info& v : m.inputs)
      if (v.type == dtype::f16) half_inputs_.insert(v.name);
  }

  /// Rewrites the model's nodes; they come back in an order in which they can run.
  status run() {
    if (!sort()) return cycle();
    for (const item* i : order_) shapes_.follow(i->n);
    for (item* i : std::vector<item*>(order_))
      if (i->alive) quotient_by_reciprocal(*i);
    if (!sort()) return cycle();
    const std::vector<item*> all = order_;
    const auto each = [&](auto pattern) {
      for (item* i : all)
        if (i->alive) (this->*pattern)(*i);
    };
    each(&float_fuser::gelu);
    each(&float_fuser::layer_normalization);
    each(&float_fuser::root_mean_square);
    if (!sort()) return cycle();
    for (item* i : std::vector<item*>(order_))
      if (i->alive) skip_layer_normalization(*i);
    each(&float_fuser::scaled_product);
    if (!sort()) return cycle();
    for (item* i : std::vector<item*>(order_))
      if (i->alive) turned_product(*i);
    if (!sort()) return cycle();
    finish();
    return unit{};
  }

 private:
  static constexpr std::string_view microsoft = microsoft_domain;

  const extent_list* shape(const std::string& name) { return shapes_.find(name); }

  // ---- what patterns ask ----

  /// A float of one element, of any rank.
  std::optional<float> one_element(const std::string& name) const {
    const array* a = constant(name);
    if (!a || a->type != dtype::f32 || a->elements() != 1) return {};
    return a->as<float>()[0];
  }
  /// The same without an axis, or with one.
  std::optional<float> number(const std::string& name) const {
    const array* a = constant(name);
    return a && scalar(*a) ? one_element(name) : std::nullopt;
  }
  bool is_number(const std::string& name, float v) const {
    const auto found = number(name);
    return found && std::fabs(*found - v) <= 1e-5f * std::fabs(v);
  }
  static void set(node& n, const char* key, float v) { n.attributes[key].real = v; }
  static void set(node& n, const char* key, std::int64_t v) { n.attributes[key].integer = v; }

  /// Whether a value is float16. Around what computes in float32 casts stand then, which come
  /// before chains are looked for.
  bool is_half(std::string name) {
    for (int steps = 0; steps < 64; ++steps) {
      if (const array* a = constant(name)) return a->type == dtype::f16;
      const item* i = producer(name);
      if (!i) return half_inputs_.contains(name);
      if (i->n.is("Cast"))
        return i->n.integer("to", undefined_data_type) == data_type_code("FLOAT16");
      const std::size_t from = is_dequantize(i->n) || i->n.is("Where") ? 1 : 0;
      name = i->n.input(from);
    }
    return false;
  }

  // ---- patterns ----

  /// DivMulFusion: x times 1 / y is x / y.
  void quotient_by_reciprocal(item& div) {
    if (!is_plain(div.n, "Div") || div.n.in.size() != 2 || !is_number(div.n.in[0], 1.f)) return;
    item* mul = only_reader(div.n.out[0], "Mul");
    const std::string* x = mul ? other(mul->n, div.n.out[0]) : nullptr;
    if (x) put(made("Div", {}, {*x, div.n.in[1]}), {&div, mul});
  }

  /// Whether a Mul gives an integer product its scale, which has taken it before chains are looked
  /// for.
  bool scales_product(const node& mul) {
    for (const std::string& in : mul.in)
      if (item* cast = producer(in); cast && cast->n.op == "Cast")
        if (item* product = producer(cast->n.input(0)); product && product->n.op == "MatMulInteger")
          return true;
    return false;
  }
  /// x / sqrt 2, Erf, + 1, * x and * 0.5 in either order.
  void gelu(item& div) {
    if (!is_plain(div.n, "Div") || div.n.in.size() != 2 ||
        !is_number(div.n.in[1], 1.4142099618911743f))
      return;
    const std::string x = div.n.in[0];
    item* erf = only_reader(div.n.out[0], "Erf");
    item* add = erf ? only_reader(erf->n.out[0], "Add") : nullptr;
    const std::string* one = add ? other(add->n, erf->n.out[0]) : nullptr;
    if (!one || !is_number(*one, 1.f)) return;
    item* first = only_reader(add->n.out[0], "Mul");
    const std::string* by = first ? other(first->n, add->n.out[0]) : nullptr;
    if (!by) return;
    if (*by == x) {
      // A Mul in front of x is taken for the one by 0.5 of the other order, and nothing is found.
      const item* before = producer(x);
      if (before && is_plain(before->n, "Mul") && !scales_product(before->n)) return;
      item* half = only_reader(first->n.out[0], "Mul");
      const std::string* factor = half ? other(half->n, first->n.out[0]) : nullptr;
      if (factor && is_number(*factor, 0.5f))
        put(made("Gelu", microsoft, {x}), {&div, erf, add, first, half});
      return;
    }
    item* half = producer(*by);
    const std::string* factor = half && is_plain(half->n, "Mul") ? other(half->n, x) : nullptr;
    if (factor && is_number(*factor, 0.5f) && one_reader(*by))
      put(made("Gelu", microsoft, {x}), {&div, erf, add, half, first});
  }

  /// How many innermost axes a ReduceMean that keeps them is over; 0: others.
  std::size_t innermost_axes(const node& n) {
    if (n.integer("keepdims", 1) == 0) return 0;
    std::vector<std::int64_t> axes;
    if (const attribute* a = n.find("axes")) axes = a->integers;
    if (const array* a = constant(n.input(1)); a && a->type == dtype::s64)
      axes.assign(a->as<std::int64_t>().begin(), a->as<std::int64_t>().end());
    const extent_list* e = shape(n.in[0]);
    for (std::int64_t& a : axes)
      if (a >= 0) a = e ? a - static_cast<std::int64_t>(e->size()) : 0;
    std::sort(axes.begin(), axes.end());
    for (std::size_t k = 0; k < axes.size(); ++k)
      if (axes[k] != static_cast<std::int64_t>(k) - static_cast<std::int64_t>(axes.size()))
        return 0;
    return axes.size();
  }
  /// From the squares' mean on: + epsilon, Sqrt; x or x - mean over it; times a constant.
  struct deviation {
    item *add = nullptr, *sqrt = nullptr, *div = nullptr, *mul = nullptr;
    item* product = nullptr;  // x times the reciprocal, where that is taken
    std::string scale;
    float epsilon = 0;
  };
  /// As far as the quotient by the root.
  std::optional<deviation> quotient_of(const std::string& mean) {
    deviation d;
    const std::string* epsilon = nullptr;
    if (!(d.add = with_constant(mean, "Add", epsilon)) || !number(*epsilon)) return {};
    d.epsilon = *number(*epsilon);
    if (!(d.sqrt = only_reader(d.add->n.out[0], "Sqrt"))) return {};
    if (!(d.div = only_reader(d.sqrt->n.out[0], "Div")) || d.div->n.in.size() != 2 ||
        d.div->n.in[1] != d.sqrt->n.out[0])
      return {};
    return d;
  }
  std::optional<deviation> deviation_of(const std::string& mean, const std::string& divided) {
    auto found = quotient_of(mean);
    if (!found || found->div->n.in[0] != divided) return {};
    deviation& d = *found;
    const std::string* scale = nullptr;
    if (!(d.mul = with_constant(d.div->n.out[0], "Mul", scale))) return {};
    d.scale = *scale;
    return found;
  }
  /// x - mean, its squares' mean, ..., times a constant, plus a constant.
  void layer_normalization(item& mean) {
    if (!is_plain(mean.n, "ReduceMean")) return;
    const std::string x = mean.n.in[0];
    item* sub = only_reader(mean.n.out[0], "Sub");
    if (!sub || sub->n.in.size() != 2 || sub->n.in[0] != x || sub->n.in[1] != mean.n.out[0]) return;
    const std::string& d = sub->n.out[0];
    if (is_output(d) || uses(d).size() != 2) return;
    item* pow = nullptr;
    for (const use& u : uses(d))
      if (is_plain(reader(u).n, "Pow") && u.second == 0 && is_number(reader(u).n.input(1), 2.f))
        pow = &reader(u);
    item* squares = pow ? only_reader(pow->n.out[0], "ReduceMean") : nullptr;
    const std::size_t axes = innermost_axes(mean.n);
    if (!squares || axes == 0 || innermost_axes(squares->n) != axes) return;
    const auto rest = deviation_of(squares->n.out[0], d);
    const std::string* bias = nullptr;
    item* add = rest ? with_constant(rest->mul->n.out[0], "Add", bias) : nullptr;
    if (!add) return;
    node n = made("LayerNormalization", {}, {x, rest->scale, *bias});
    set(n, "axis", -static_cast<std::int64_t>(axes));
    set(n, "epsilon", rest->epsilon);
    put(std::move(n), {&mean, sub, pow, squares, rest->add, rest->sqrt, rest->div, rest->mul, add});
  }
  /// The same with a reciprocal: 1 over the root, times x, times a constant.
  std::optional<deviation> reciprocal_deviation_of(const std::string& mean, const std::string& x) {
    auto found = quotient_of(mean);
    if (!found || !is_number(found->div->n.in[0], 1.f)) return {};
    deviation& d = *found;
    const std::string* scale = nullptr;
    d.product = only_reader(d.div->n.out[0], "Mul");
    const std::string* of = d.product ? other(d.product->n, d.div->n.out[0]) : nullptr;
    if (!of || *of != x) return {};
    if (!(d.mul = with_constant(d.product->n.out[0], "Mul", scale))) return {};
    d.scale = *scale;
    return found;
  }
  /// The mean of x squared, ..., times a constant.
  void root_mean_square(item& pow) {
    if (!is_plain(pow.n, "Pow") || !is_number(pow.n.input(1), 2.f)) return;
    const std::string x = pow.n.in[0];
    item* mean = only_reader(pow.n.out[0], "ReduceMean");
    const std::size_t axes = mean ? innermost_axes(mean->n) : 0;
    if (axes == 0) return;
    auto rest = deviation_of(mean->n.out[0], x);
    if (!rest) rest = reciprocal_deviation_of(mean->n.out[0], x);
    if (!rest) return;
    node n = made("SimplifiedLayerNormalization", {}, {x, rest->scale});
    set(n, "axis", -static_cast<std::int64_t>(axes));
    set(n, "epsilon", rest->epsilon);
    std::vector<item*> instead{&pow, mean, rest->add, rest->sqrt, rest->div, rest->mul};
    if (rest->product) instead.insert(instead.end() - 1, rest->product);
    put(std::move(n), instead);
  }

  /// A constant with an element for each of the last axis, the second operand of a sum that one
  /// node reads and that no integer product has taken.
  bool adds_bias(item& add) {
    if (!is_plain(add.n, "Add") || add.n.in.size() != 2 || !one_reader(add.n.out[0])) return false;
    const array* bias = constant(add.n.in[1]);
    const extent_list* x = shape(add.n.in[0]);
    if (!bias || bias->shape.rank != 1 || !x || x->size() != 3 ||
        x->back().number != bias->shape[0])
      return false;
    const item* mul = producer(add.n.in[0]);
    return !mul || mul->n.op != "Mul" || !scales_product(mul->n);
  }
  /// The sum of two values of one shape of three axes, whose extents the file names, is read by
  /// nothing but a normalization of its last axis.
  void skip_layer_normalization(item& i) {
    const node& n = i.n;
    if (!is_plain(n, "LayerNormalization") || n.in.size() < 2) return;
    const std::int64_t axis = n.integer("axis", -1);
    item* add = producer(n.in[0]);
    if ((axis != -1 && axis != 2) || !add || !is_plain(add->n, "Add") || add->n.in.size() != 2 ||
        !one_reader(add->n.out[0]))
      return;
    const extent_list *a = shape(add->n.in[0]), *b = shape(add->n.in[1]);
    if (!a || !b || a->size() != 3 || *a != *b || is_half(n.in[0])) return;
    for (const extent& e : *a)
      if (!e.known()) return;
    std::vector<item*> instead{add};
    std::vector<std::string> in{add->n.in[0], add->n.in[1], n.in[1], n.input(2)};
    for (std::size_t k = 0; k < 2; ++k) {
      item* bias = producer(add->n.in[k]);
      if (!bias || !adds_bias(*bias)) continue;
      in[0] = bias->n.in[0], in[1] = add->n.in[1 - k];
      in.push_back(bias->n.in[1]);
      instead.push_back(bias);
      break;
    }
    node to = made("SkipLayerNormalization", microsoft, std::move(in));
    const attribute* epsilon = n.find("epsilon");
    set(to, "epsilon", epsilon && epsilon->real ? *epsilon->real : 1e-5f);
    instead.push_back(&i);
    put(std::move(to), instead);
  }

  /// The factor of a product or quotient with a number, and what it is of.
  struct scaling {
    float by = 1;
    std::string of;
  };
  std::optional<scaling> scaling_of(const node& n) const {
    if ((!n.is("Mul") && !n.is("Div")) || n.in.size() != 2 || n.out.size() != 1) return {};
    if (const auto v = one_element(n.in[1]))
      return scaling{n.op == "Mul" ? *v : numerics::div(1.f, *v), n.in[0]};
    const auto v = n.op == "Mul" ? one_element(n.in[0]) : std::nullopt;
    return v ? std::optional(scaling{*v, n.in[1]}) : std::nullopt;
  }
  /// A matrix product whose operands, their ranks known, or result are multiplied by numbers.
  void scaled_product(item& i) {
    const bool fused = i.n.is("FusedMatMul", microsoft);
    if ((!i.n.is("MatMul") && !fused) || i.n.in.size() != 2 || i.n.out.size() != 1) return;
    node n = i.n;
    n.op = "FusedMatMul", n.domain = microsoft;
    float alpha = 1;
    if (const attribute* a = n.find("alpha"); a && a->real) alpha = *a->real;
    bool found = false;
    std::vector<item*> instead;
    const auto take = [&](const scaling& f, item* scale, bool unread) {
      found = true;
      alpha = numerics::mul(alpha, f.by);
      if (unread) instead.push_back(scale);
    };
    for (std::string& in : n.in) {
      bool unread = true;  // by whatever stays
      for (int steps = 0; steps < most_factors; ++steps) {
        item* scale = producer(in);
        const auto f = scale ? scaling_of(scale->n) : std::nullopt;
        if (!f || constant(f->of) || !shape(f->of)) break;
        unread = unread && one_reader(in);
        take(*f, scale, unread);
        in = f->of;
      }
    }
    instead.push_back(&i);
    for (int steps = 0; steps < most_factors && one_reader(instead.back()->n.out[0]); ++steps) {
      item& scale = reader(*uses(instead.back()->n.out[0]).begin());
      const auto f = scaling_of(scale.n);
      if (!f || f->of != instead.back()->n.out[0]) break;
      take(*f, &scale, true);
    }
    if (!found) return;
    set(n, "alpha", alpha);
    put(std::move(n), instead);
  }
  static constexpr int most_factors = 8;

  /// Whether a node exchanges the last two axes.
  bool exchanges_last(const node& n) {
    if (!is_plain(n, "Transpose") || n.in.size() != 1) return false;
    const attribute* a = n.find("perm");
    if (!a) {
      const extent_list* x = shape(n.in[0]);
      return x && x->size() == 2;
    }
    const std::vector<std::int64_t>& perm = a->integers;
    const std::size_t rank = perm.size();
    if (rank < 2) return false;
    for (std::size_t k = 0; k + 2 < rank; ++k)
      if (perm[k] != static_cast<std::int64_t>(k)) return false;
    return perm[rank - 2] == static_cast<std::int64_t>(rank - 1) &&
           perm[rank - 1] == static_cast<std::int64_t>(rank - 2);
  }
  /// A matrix product reads a matrix as it lies before its axes are exchanged.
  void turned_product(item& i) {
    const bool fused = i.n.is("FusedMatMul", microsoft);
    if ((!i.n.is("MatMul") && !fused) || i.n.in.size() != 2 || i.n.out.size() != 1) return;
    node n = i.n;
    n.op = "FusedMatMul", n.domain = microsoft;
    std::vector<item*> instead;
    bool found = false;
    for (std::size_t k = 0; k < 2; ++k) {
      item* turn = producer(n.in[k]);
      if (!turn || !exchanges_last(turn->n) || constant(turn->n.in[0]) || is_half(n.in[k]))
        continue;
      const char* key = k == 0 ? "transA" : "transB";
      found = true;
      if (one_reader(n.in[k]) && std::ranges::find(instead, turn) == instead.end())
        instead.push_back(turn);
      n.in[k] = turn->n.in[0];
      set(n, key, std::int64_t{n.integer(key, 0) == 0});
    }
    if (!found) return;
    instead.push_back(&i);
    put(std::move(n), instead);
  }

  known_shapes& shapes_;
  std::set<std::string> half_inputs_;
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_FUSE_FLOATS_HPP_
// ---- octet/import/onnx/fuse_products.hpp
// MatMulInteger by a constant matrix, a Cast of its sums to float, their scale and a bias as one
// node: the same numbers. ONNX Runtime has the operator, MatMulIntegerToFloat.
#ifndef OCTET_IMPORT_ONNX_FUSE_PRODUCTS_HPP_
#define OCTET_IMPORT_ONNX_FUSE_PRODUCTS_HPP_


OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class product_fuser : node_graph {
 public:
  explicit product_fuser(model& m) : node_graph(m) {}
  status run() {
    for (std::size_t i = 0; i < items_.size(); ++i)
      if (item& each = items_[i]; each.alive && each.n.is("MatMulInteger")) take(each);
    if (!sort()) return cycle();
    finish();
    return unit{};
  }

 private:
  /// A constant with one element, or one for each of n columns.
  bool of_columns(const std::string& name, int n) const {
    const array* a = constant(name);
    return a && a->type == dtype::f32 && a->shape.rank <= 1 &&
           (a->elements() == 1 || a->elements() == as_size(n));
  }
  /// The scale of x, which DynamicQuantizeLinear gave, times a constant one: their names.
  std::optional<std::pair<std::string, std::string>> scales_of(const std::string& name, int n) {
    const item* mul = producer(name);
    if (!mul || !mul->n.is("Mul") || mul->n.in.size() != 2) return {};
    for (std::size_t k = 0; k < 2; ++k) {
      const item* q = producer(mul->n.in[k]);
      if (q && q->n.is("DynamicQuantizeLinear") && q->n.out.size() == 3 &&
          q->n.out[1] == mul->n.in[k] && of_columns(mul->n.in[1 - k], n))
        return std::pair(mul->n.in[k], mul->n.in[1 - k]);
    }
    return {};
  }
  void take(item& product) {
    const array* b = product.n.in.size() > 1 ? constant(product.n.in[1]) : nullptr;
    if (!b || b->shape.rank != 2 || product.n.out.size() != 1) return;
    const int columns = b->shape[1];
    item* cast = only_reader(product.n.out[0], "Cast");
    if (!cast || cast->n.integer("to", 0) != 1) return;
    item* mul = only_reader(cast->n.out[0], "Mul");
    const std::string* factor = mul ? other(mul->n, cast->n.out[0]) : nullptr;
    const auto scales = factor ? scales_of(*factor, columns) : std::nullopt;
    if (!scales) return;
    std::vector<item*> instead{&product, cast, mul};
    std::string bias;
    const std::string* operand = nullptr;
    if (item* add = with_constant(mul->n.out[0], "Add", operand))
      if (const array& v = *constant(*operand);
          v.type == dtype::f32 && v.shape.rank == 1 && v.shape[0] == columns)
        bias = *operand, instead.push_back(add);
    put(made("MatMulIntegerToFloat", microsoft_domain,
             {product.n.in[0], product.n.in[1], scales->first, scales->second, product.n.input(2),
              product.n.input(3), bias}),
        instead);
  }
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_FUSE_PRODUCTS_HPP_
// ---- octet/import/onnx/inline.hpp
// Nodes that stand where they are called, before anything else looks at the graph: functions of a
// model's own (ModelProto.functions), as exporters write one for each module of a network, and the
// branch of an If whose condition is a constant. ONNX Runtime puts both there before it looks for
// groups of Q, DQ and an operator, which then go across the branch's border.
#ifndef OCTET_IMPORT_ONNX_INLINE_HPP_
#define OCTET_IMPORT_ONNX_INLINE_HPP_

#include <algorithm>


OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class function_calls {
 public:
  /// `branches`: those that constants choose are put in place as well.
  function_calls(model& m, const limits& max, std::size_t file_bytes, bool branches)
      : model_(m), max_(max), branches_(branches), work_(max, file_bytes) {}

  /// Every call and every branch that is chosen becomes nodes, in the model's graph, in graphs of
  /// attributes and in functions. An error where they are too many, or where functions call each
  /// other in a circle.
  status expand() {
    if (model_.functions.empty() && !(branches_ && has_branches(model_))) return unit{};
    for (const function& f : model_.functions)
      if (!by_name_.emplace(key(f.domain, f.name, f.overload), &f).second)
        return import::malformed("two functions named \"" + f.name + "\"");
    return expand(model_, 0);
  }

 private:
  static std::string key(const std::string& domain, const std::string& name,
                         const std::string& overload) {
    return domain + "::" + name + ":" + overload;
  }
  const function* called(const node& n) const {
    const auto it = by_name_.find(key(n.domain, n.op, n.overload));
    return it == by_name_.end() ? nullptr : it->second;
  }

  static bool has_branches(const graph_part& g) {
    return std::any_of(g.nodes.begin(), g.nodes.end(), [](const node& n) {
      return n.is("If") || std::any_of(n.attributes.begin(), n.attributes.end(), [](const auto& a) {
               return a.second.graph && has_branches(*a.second.graph);
             });
    });
  }

  status expand(graph_part& g, std::size_t depth) {
    std::vector<node> from = std::move(g.nodes);
    g.nodes.clear();
    for (const auto& [name, a] : g.constants) note_condition(name, a);
    // From IR version 4 on an initializer that is an input too may be given at run time.
    for (const value_info& v : g.inputs)
      if (model_.ir_version >= 4 || !g.constants.contains(v.name)) conditions_.erase(v.name);
    for (node& n : from)
      if (auto s = place(std::move(n), g, depth); !s) return s;
    return unit{};
  }
  void note_condition(const std::string& name, const array& a) {
    if (a.type == dtype::boolean && a.elements() == 1)
      conditions_[name] = a.data.bytes[0] != std::byte{};
  }
  /// A node, or those of the function that it calls or of its branch.
  status place(node n, graph_part& to, std::size_t depth) {
    if (auto s = within_limit(&limits::depth, max_, "functions within one another", depth); !s)
      return s;
    if (auto s = within_limit(&limits::nodes, max_, "nodes of all calls", ++nodes_); !s) return s;
    if (auto s = work_.spend(cost(n)); !s) return s;
    if (const function* f = called(n)) return place_call(n, *f, to, depth);
    if (const graph_part* branch = chosen_branch(n)) return place_branch(n, *branch, to, depth);
    if (const attribute* a = n.find("value");
        n.is("Constant") && n.out.size() == 1 && a && a->tensor)
      note_condition(n.out[0], *a->tensor);
    for (auto& [name, a] : n.attributes) {
      if (!a.graph) continue;
      graph_part part = *a.graph;
      const auto around = conditions_;  // names within are nobody else's
      if (auto s = work_.spend(around.size()); !s) return s;
      if (auto s = expand(part, depth + 1); !s) return s;
      conditions_ = around;
      a.graph = std::make_shared<const graph_part>(std::move(part));
    }
    to.nodes.push_back(std::move(n));
    return unit{};
  }
  /// Of an If whose condition is a constant.
  const graph_part* chosen_branch(const node& n) const {
    if (!branches_ || !n.is("If") || n.in.size() != 1 + n.captures.size()) return nullptr;
    const auto condition = conditions_.find(n.in[0]);
    if (condition == conditions_.end()) return nullptr;
    const attribute* a = n.find(condition->second ? "then_branch" : "else_branch");
    const bool fits =
        a && a->graph && a->graph->inputs.empty() && a->graph->outputs.size() == n.out.size();
    return fits ? a->graph.get() : nullptr;  // else the node's own row says what is wrong
  }
  status place_branch(const node& n, const graph_part& branch, graph_part& to, std::size_t depth) {
    renaming names{n.name.substr(0, 64) + "#" + std::to_string(++calls_) + "/", {}, false};
    const auto own = [&](const std::string& name) -> status {
      if (name.empty()) return unit{};
      names.known.emplace(name, names.prefix + name);
      return work_.spend(16 + name.size() + names.prefix.size());
    };
    for (const auto& [name, a] : branch.constants)
      if (auto s = own(name); !s) return s;
    for (const node& inner : branch.nodes)
      for (const std::string& name : inner.out)
        if (auto s = own(name); !s) return s;
    for (const auto& [name, a] : branch.constants) {
      note_condition(names.of(name), a);
      to.constants.emplace(names.of(name), a);
    }
    const node no_caller;
    const function no_function;
    for (const node& inner : branch.nodes) {
      node copy = inner;
      if (auto s = work_.spend(cost(copy)); !s) return s;
      settle(copy, no_caller, no_function, names);
      if (auto s = place(std::move(copy), to, depth + 1); !s) return s;
    }
    for (std::size_t i = 0; i < n.out.size(); ++i)
      if (!n.out[i].empty()) to.nodes.push_back(same(names.of(branch.outputs[i].name), n.out[i]));
    return unit{};
  }
  /// The same value under another name.
  static node same(std::string from, std::string to) {
    node n;
    n.op = "Identity";
    n.in = {std::move(from)}, n.out = {std::move(to)};
    return n;
  }
  status place_call(const node& n, const function& f, graph_part& to, std::size_t depth) {
    if (f.opset != 0 && f.opset != model_.opset)
      return unsupported("opset of function " + f.name, std::to_string(f.opset),
                         std::to_string(model_.opset) + ", that of the model");
    const std::size_t given = n.in.size() - n.captures.size();
    if (given > f.in.size() || n.out.size() > f.out.size())
      return import::malformed("inputs or outputs of a call of function " + f.name);
    // Long names must not be copied over and over.
    std::size_t formal = 0;
    for (const auto* list : {&f.in, &f.out})
      for (const std::string& name : *list) formal += 16 + name.size();
    if (auto s = work_.spend(formal); !s) return s;
    renaming names{
        (f.name.size() < 64 ? f.name : "") + "#" + std::to_string(++calls_) + "/", {}, true};
    for (std::size_t i = 0; i < f.in.size(); ++i)
      names.known[f.in[i]] = i < given ? n.in[i] : std::string();
    std::vector<node> more;  // for results that are inputs, or one result under two names
    for (std::size_t i = 0; i < n.out.size(); ++i) {
      if (n.out[i].empty() || names.known.emplace(f.out[i], n.out[i]).second) continue;
      more.push_back(same(names.of(f.out[i]), n.out[i]));
    }
    for (const node& inner : f.nodes) {
      node copy = inner;
      if (auto s = work_.spend(cost(copy) + n.name.size()); !s) return s;
      settle(copy, n, f, names);
      if (!n.name.empty()) copy.name = n.name + "/" + copy.name;
      if (auto s = place(std::move(copy), to, depth + 1); !s) return s;
    }
    to.nodes.insert(to.nodes.end(), more.begin(), more.end());
    return unit{};
  }

  /// What names of a body are where it is called: those of the call's inputs and outputs, all
  /// others under a prefix of this call's own. A branch reads what is around it (`closed`: no).
  struct renaming {
    std::string prefix;
    std::map<std::string, std::string> known;
    bool closed = true;
    std::string of(const std::string& name) const {
      const auto it = known.find(name);
      return name.empty() ? name : it != known.end() ? it->second : closed ? prefix + name : name;
    }
  };
  /// A body's node becomes one of the caller: names, and attributes that the call gives.
  static void settle(node& n, const node& caller, const function& f, const renaming& names) {
    for (std::string& name : n.in) name = names.of(name);
    for (std::string& name : n.out) name = names.of(name);
    for (std::string& name : n.captures) name = names.of(name);
    for (auto it = n.attributes.begin(); it != n.attributes.end();) {
      attribute& a = it->second;
      if (!a.of_call.empty()) {
        const attribute* by = caller.find(a.of_call);
        const auto otherwise = f.defaults.find(a.of_call);
        if (!by && otherwise != f.defaults.end()) by = &otherwise->second;
        if (!by) {
          it = n.attributes.erase(it);
          continue;
        }
        a = attribute(*by);
      } else if (a.graph) {
        a.graph = std::make_shared<const graph_part>(settled(*a.graph, caller, f, names));
      }
      ++it;
    }
    find_captures(n);
  }
  static graph_part settled(graph_part g, const node& caller, const function& f,
                            const renaming& names) {
    for (node& n : g.nodes) settle(n, caller, f, names);
    for (value_info& v : g.inputs) v.name = names.of(v.name);
    for (value_info& v : g.outputs) v.name = names.of(v.name);
    std::map<std::string, array> constants;
    for (auto& [name, a] : g.constants) constants.emplace(names.of(name), std::move(a));
    g.constants = std::move(constants);
    return g;
  }
  /// Bytes that a copy takes, about; elements of tensors are shared.
  static std::size_t cost(const node& n) {
    std::size_t sum = 16 + n.op.size() + n.name.size();
    for (const auto* list : {&n.in, &n.out, &n.captures})
      for (const std::string& name : *list) sum += 1 + name.size();
    for (const auto& [name, a] : n.attributes) {
      sum += 16 + name.size() + a.reals.size() + a.integers.size();
      if (a.text) sum += a.text->size();
      for (const std::string& t : a.texts) sum += 1 + t.size();
      if (!a.graph) continue;
      for (const node& inner : a.graph->nodes) sum += cost(inner);
      for (const auto& [constant, elements] : a.graph->constants) sum += 16 + constant.size();
      for (const value_info& v : a.graph->inputs) sum += 16 + v.name.size();
      for (const value_info& v : a.graph->outputs) sum += 16 + v.name.size();
    }
    return sum;
  }

  model& model_;
  const limits& max_;
  bool branches_;
  work_budget work_;
  std::map<std::string, const function*> by_name_;
  std::map<std::string, bool> conditions_;  // constants of one bool
  std::size_t nodes_ = 0, calls_ = 0;
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_INLINE_HPP_
// ---- octet/import/onnx/reader.hpp
// From the bytes of an ONNX file (protobuf) to a model. Every field's wire type, every size and
// every count is checked before it is used.
#ifndef OCTET_IMPORT_ONNX_READER_HPP_
#define OCTET_IMPORT_ONNX_READER_HPP_

#if !defined(__cpp_exceptions)
#error "octet/import/onnx.hpp: its definitions need exceptions, which protozero throws"
#endif

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <protozero/pbf_reader.hpp>
#include <set>

// ---- octet/import/onnx/fields.hpp
// Field numbers of an ONNX file, under the names that onnx.proto gives them: one enumeration for
// each protobuf message. They are plain integers, as a file may hold numbers that are not here.
#ifndef OCTET_IMPORT_ONNX_FIELDS_HPP_
#define OCTET_IMPORT_ONNX_FIELDS_HPP_

#include <cstdint>


OCTET_NAMESPACE_BEGIN
namespace onnx_model {

namespace model_field {  // ModelProto
enum number : std::uint32_t { ir_version = 1, graph = 7, opset_import = 8, functions = 25 };
}
namespace opset_field {  // OperatorSetIdProto
enum number : std::uint32_t { domain = 1, version = 2 };
}
namespace function_field {  // FunctionProto
enum number : std::uint32_t {
  name = 1,
  input = 4,
  output = 5,
  node = 7,
  opset_import = 9,
  domain = 10,
  attribute_proto = 11,
  overload = 13
};
}
namespace graph_field {  // GraphProto
enum number : std::uint32_t {
  node = 1,
  name = 2,
  initializer = 5,
  input = 11,
  output = 12,
  value_info = 13,
  sparse_initializer = 15
};
}
namespace node_field {  // NodeProto
enum number : std::uint32_t {
  input = 1,
  output = 2,
  name = 3,
  op_type = 4,
  attribute = 5,
  domain = 7,
  overload = 8
};
}
namespace attribute_field {  // AttributeProto
enum number : std::uint32_t {
  name = 1,
  f = 2,
  i = 3,
  s = 4,
  t = 5,
  g = 6,
  floats = 7,
  ints = 8,
  strings = 9,
  tensors = 10,
  graphs = 11,
  tp = 14,
  type_protos = 15,
  type = 20,
  ref_attr_name = 21,
  sparse_tensor = 22,
  sparse_tensors = 23
};
}
namespace value_info_field {  // ValueInfoProto
enum number : std::uint32_t { name = 1, type = 2 };
}
namespace type_field {  // TypeProto
enum number : std::uint32_t { tensor_type = 1 };
}
namespace tensor_type_field {  // TypeProto.Tensor
enum number : std::uint32_t { elem_type = 1, shape = 2 };
}
namespace shape_field {  // TensorShapeProto
enum number : std::uint32_t { dim = 1 };
}
namespace dimension_field {  // TensorShapeProto.Dimension
enum number : std::uint32_t { dim_value = 1, dim_param = 2 };
}
namespace tensor_field {  // TensorProto
enum number : std::uint32_t {
  dims = 1,
  data_type = 2,
  segment = 3,
  float_data = 4,
  int32_data = 5,
  string_data = 6,
  int64_data = 7,
  name = 8,
  raw_data = 9,
  double_data = 10,
  uint64_data = 11,
  external_data = 13,
  data_location = 14
};
}
namespace entry_field {  // StringStringEntryProto
enum number : std::uint32_t { key = 1, value = 2 };
}

namespace data_location {  // TensorProto.DataLocation, whose 0 is DEFAULT
enum number : std::int32_t { in_file = 0, external = 1 };
}

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_FIELDS_HPP_

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

/// Thrown inside the reader; read_model() makes a result of it.
struct reader_failure {
  error_info error;
};

/// One protobuf message. A field of another wire type than the file format says is an error.
class message {
 public:
  explicit message(std::string_view bytes) : r_(bytes.data(), bytes.size()) {}
  /// The next field; its value is then taken by exactly one of the functions below.
  bool next() { return r_.next(); }
  std::uint32_t tag() const { return r_.tag(); }
  void skip() { r_.skip(); }

  std::string_view bytes() {
    expect(protozero::pbf_wire_type::length_delimited);
    const auto v = r_.get_view();
    return {v.data(), v.size()};
  }
  std::string text() { return std::string(bytes()); }
  std::int64_t integer() {
    expect(protozero::pbf_wire_type::varint);
    return r_.get_int64();
  }
  float real() {
    expect(protozero::pbf_wire_type::fixed32);
    return r_.get_float();
  }
  /// A byte of the file becomes eight in memory: half of limits::constant_bytes. Writers store more
  /// than a few numbers as raw bytes.
  static constexpr std::size_t most_integers = std::size_t{1} << 24;
  // Repeated fields, packed or one at a time: appended.
  void integers(std::vector<std::int64_t>& to) {
    const auto make_room = [&](std::size_t more) {
      if (more > most_integers - std::min(to.size(), most_integers))
        throw reader_failure{
            import::too_large("integers of protobuf field " + std::to_string(r_.tag()),
                              "more than " + std::to_string(most_integers))};
    };
    if (!packed()) {
      make_room(1);
      return to.push_back(integer());
    }
    const auto list = r_.get_packed_int64();
    make_room(list.size());
    to.reserve(to.size() + list.size());
    for (std::int64_t v : list) to.push_back(v);
  }
  void reals(std::vector<float>& to) {
    if (!packed()) return to.push_back(real());
    for (float v : r_.get_packed_float()) to.push_back(v);
  }
  void wide_reals(std::vector<double>& to) {
    if (packed()) {
      for (double v : r_.get_packed_double()) to.push_back(v);
      return;
    }
    expect(protozero::pbf_wire_type::fixed64);
    to.push_back(r_.get_double());
  }

 private:
  bool packed() const { return r_.has_wire_type(protozero::pbf_wire_type::length_delimited); }
  void expect(protozero::pbf_wire_type t) const {
    if (!r_.has_wire_type(t))
      throw reader_failure{
          import::malformed("wire type of protobuf field " + std::to_string(r_.tag()))};
  }
  protozero::pbf_reader r_;
};

class reader {
 public:
  /// folder: of the file; empty: bytes in memory, which have no files beside them.
  reader(std::string folder, const limits& max) : folder_(std::move(folder)), max_(max) {}

  model read(std::string_view bytes) {
    std::optional<std::string_view> graph_bytes;
    bool opset_given = false, any_opset = false;
    std::vector<std::string_view> functions;
    for (message m(bytes); m.next();) {
      switch (m.tag()) {
        case model_field::ir_version: model_.ir_version = m.integer(); break;
        case model_field::graph: graph_bytes = m.bytes(); break;
        case model_field::opset_import:
          any_opset = true;
          opset_given |= read_opset(m.bytes(), model_.opset);
          break;
        case model_field::functions: functions.push_back(m.bytes()); break;
        default: m.skip();
      }
    }
    if (!graph_bytes) fail(import::malformed("an ONNX file without a graph"));
    // As ONNX Runtime has it: one must be said, and of a domain of which nothing is it is the
    // newest.
    if (!any_opset) fail(import::malformed("no opset_import", {}, "the opset of ai.onnx"));
    if (!opset_given) model_.opset = newest_opset;
    if (model_.ir_version < 1) fail(import::malformed("ir_version", text(model_.ir_version)));
    if (model_.ir_version > newest_ir_version)
      fail(unsupported("ir_version", text(model_.ir_version), "1 to " + text(newest_ir_version)));
    read_graph(*graph_bytes, model_);
    for (const std::string_view f : functions) model_.functions.push_back(read_function(f));
    return std::move(model_);
  }

 private:
  [[noreturn]] static void fail(error_info e) { throw reader_failure{std::move(e)}; }
  static void check(const status& s) {
    if (!s) fail(s.error());
  }
  static constexpr std::int64_t newest_ir_version = 14;  // ONNX Runtime 1.32's
  static std::string text(std::int64_t v) { return std::to_string(v); }
  static std::string domain(std::string d) { return d == "ai.onnx" ? std::string() : d; }

  static bool read_opset(std::string_view bytes, std::int64_t& opset) {
    std::string name;
    std::int64_t version = 0;
    for (message m(bytes); m.next();) {
      switch (m.tag()) {
        case opset_field::domain: name = m.text(); break;
        case opset_field::version: version = m.integer(); break;
        default: m.skip();
      }
    }
    if (!domain(name).empty()) return false;
    opset = version;
    return true;
  }
  function read_function(std::string_view bytes) {
    function f;
    for (message m(bytes); m.next();) {
      switch (m.tag()) {
        case function_field::name: f.name = m.text(); break;
        case function_field::input: f.in.push_back(m.text()); break;
        case function_field::output: f.out.push_back(m.text()); break;
        case function_field::node:
          check(within_limit(&limits::nodes, max_, "nodes of the file", ++nodes_));
          f.nodes.push_back(read_node(m.bytes()));
          break;
        case function_field::opset_import: read_opset(m.bytes(), f.opset); break;
        case function_field::domain: f.domain = domain(m.text()); break;
        case function_field::attribute_proto: {
          std::string name;
          attribute a = read_attribute(m.bytes(), name);
          f.defaults.insert_or_assign(std::move(name), std::move(a));
          break;
        }
        case function_field::overload: f.overload = m.text(); break;
        default: m.skip();
      }
    }
    return f;
  }

  void read_graph(std::string_view bytes, graph_part& to) {
    check(within_limit(&limits::depth, max_, "graphs within one another", ++depth_));
    for (message m(bytes); m.next();) {
      switch (m.tag()) {
        case graph_field::node:
          check(within_limit(&limits::nodes, max_, "nodes of the file", ++nodes_));
          to.nodes.push_back(read_node(m.bytes()));
          break;
        case graph_field::initializer: {
          std::string name;
          array a = read_tensor(m.bytes(), name);
          if (name.empty()) fail(import::malformed("an initializer without a name"));
          if (!to.constants.emplace(name, std::move(a)).second)
            fail(import::malformed("two initializers named \"" + name + "\""));
          break;
        }
        case graph_field::input: to.inputs.push_back(read_value_info(m.bytes())); break;
        case graph_field::output: to.outputs.push_back(read_value_info(m.bytes())); break;
        case graph_field::value_info: {
          value_info v = read_value_info(m.bytes());
          if (v.has_shape && v.extents.size() <= dims::max_rank) to.between.push_back(std::move(v));
          break;
        }
        case graph_field::sparse_initializer: fail(unsupported("sparse initializers"));
        default: m.skip();
      }
    }
    --depth_;
  }
  static std::string text_of(std::size_t v) { return std::to_string(v); }

  node read_node(std::string_view bytes) {
    node n;
    for (message m(bytes); m.next();) {
      switch (m.tag()) {
        case node_field::input: n.in.push_back(m.text()); break;
        case node_field::output: n.out.push_back(m.text()); break;
        case node_field::name: n.name = m.text(); break;
        case node_field::op_type: n.op = m.text(); break;
        case node_field::attribute: {
          std::string name;
          attribute a = read_attribute(m.bytes(), name);
          n.attributes.insert_or_assign(std::move(name), std::move(a));
          break;
        }
        case node_field::domain: n.domain = domain(m.text()); break;
        case node_field::overload: n.overload = m.text(); break;
        default: m.skip();
      }
    }
    find_captures(n);
    return n;
  }

  attribute read_attribute(std::string_view bytes, std::string& name) {
    attribute a;
    for (message m(bytes); m.next();) {
      switch (m.tag()) {
        case attribute_field::name: name = m.text(); break;
        case attribute_field::f: a.real = m.real(); break;
        case attribute_field::i: a.integer = m.integer(); break;
        case attribute_field::s: a.text = m.text(); break;
        case attribute_field::t: {
          std::string ignored;
          a.tensor = read_tensor(m.bytes(), ignored);
          break;
        }
        case attribute_field::g: {
          auto part = std::make_shared<graph_part>();
          read_graph(m.bytes(), *part);
          a.graph = std::move(part);
          break;
        }
        case attribute_field::floats: m.reals(a.reals); break;
        case attribute_field::ints: m.integers(a.integers); break;
        case attribute_field::strings: a.texts.push_back(m.text()); break;
        case attribute_field::ref_attr_name: a.of_call = m.text(); break;
        case attribute_field::tensors:
        case attribute_field::graphs:
        case attribute_field::tp:
        case attribute_field::type_protos:
        case attribute_field::sparse_tensor:
        case attribute_field::sparse_tensors:
          a.unread = true;
          m.skip();
          break;
        default: m.skip();
      }
    }
    return a;
  }

  value_info read_value_info(std::string_view bytes) {
    value_info v;
    std::optional<std::string_view> type;
    for (message m(bytes); m.next();) {
      switch (m.tag()) {
        case value_info_field::name: v.name = m.text(); break;
        case value_info_field::type: type = m.bytes(); break;
        default: m.skip();
      }
    }
    if (!type) return v;
    v.type_name = "not a tensor";
    for (message m(*type); m.next();) {
      if (m.tag() != type_field::tensor_type) {
        m.skip();
        continue;
      }
      for (message t(m.bytes()); t.next();) {
        switch (t.tag()) {
          case tensor_type_field::elem_type: {
            const std::int64_t code = t.integer();
            v.type_name = data_type_name(code);
            if (const data_type_row* r = find_data_type(code)) v.type = r->type;
            break;
          }
          case tensor_type_field::shape:
            v.has_shape = true;
            read_shape(t.bytes(), v);
            break;
          default: t.skip();
        }
      }
    }
    return v;
  }
  void read_shape(std::string_view bytes, value_info& v) {
    for (message m(bytes); m.next();) {
      if (m.tag() != shape_field::dim) {
        m.skip();
        continue;
      }
      std::int64_t extent = -1;
      std::string symbol;
      for (message d(m.bytes()); d.next();) {
        switch (d.tag()) {
          case dimension_field::dim_value: extent = d.integer(); break;
          case dimension_field::dim_param: symbol = d.text(); break;
          default: d.skip();
        }
      }
      v.extents.push_back(extent);
      v.symbols.push_back(std::move(symbol));
    }
  }

  // ---- tensors ----

  struct external_place {
    std::string location;
    std::optional<std::int64_t> offset, length;
  };
  static external_place& place_of(std::string_view bytes, external_place& to) {
    std::string key, value;
    for (message m(bytes); m.next();) {
      switch (m.tag()) {
        case entry_field::key: key = m.text(); break;
        case entry_field::value: value = m.text(); break;
        default: m.skip();
      }
    }
    const auto number = [&]() -> std::int64_t {
      std::int64_t v = 0;
      bool digits = !value.empty() && value.size() < 19;
      for (char c : value) {
        digits &= c >= '0' && c <= '9';
        v = digits ? v * 10 + (c - '0') : v;
      }
      if (!digits) fail(import::malformed("external data, " + key, value, "a number of bytes"));
      return v;
    };
    if (key == "location") to.location = value;
    if (key == "offset") to.offset = number();
    if (key == "length") to.length = number();
    return to;
  }

  array read_tensor(std::string_view bytes, std::string& name) {
    std::vector<std::int64_t> extents, integers, wide;
    std::vector<float> reals;
    std::vector<double> doubles;
    std::optional<std::string_view> raw;
    std::int64_t code = 0, location = data_location::in_file;
    external_place place;
    bool texts = false;
    for (message m(bytes); m.next();) {
      switch (m.tag()) {
        case tensor_field::dims: m.integers(extents); break;
        case tensor_field::data_type: code = m.integer(); break;
        case tensor_field::segment: fail(unsupported("a tensor in segments"));
        case tensor_field::float_data: m.reals(reals); break;
        case tensor_field::int32_data: m.integers(integers); break;
        case tensor_field::string_data:
          texts = true;
          m.skip();
          break;
        case tensor_field::int64_data:
        case tensor_field::uint64_data: m.integers(wide); break;
        case tensor_field::name: name = m.text(); break;
        case tensor_field::raw_data: raw = m.bytes(); break;
        case tensor_field::double_data: m.wide_reals(doubles); break;
        case tensor_field::external_data: place_of(m.bytes(), place); break;
        case tensor_field::data_location: location = m.integer(); break;
        default: m.skip();
      }
    }
    const std::string what = "tensor \"" + name + "\"";
    const narrow_type* narrow = find_narrow_type(code);
    const auto type = narrow ? result<dtype>(narrow->type) : element_type(code, what);
    if (!type) fail(type.error());
    array a;
    a.type = *type;
    a.shape = shape_of(extents, what);
    const std::size_t count = a.elements();
    const std::size_t size =
        narrow ? bytes_of_narrow(count, narrow->bits) : bytes_of(Elements(count), a.type).value;
    check(verify_size(a.shape, a.type, max_, what));
    constants_ = saturating_add(constants_, narrow ? count : size);
    check(within_limit(&limits::constant_bytes, max_, "bytes of all constants", constants_));
    if (texts) fail(import::malformed(what + " has texts for elements"));
    if (location != data_location::in_file) {
      if (location != data_location::external)
        fail(unsupported("data_location of " + what, text(location)));
      a.data = external(place, size, what);
    } else if (raw) {
      check_size(what, raw->size(), size, "bytes");
      a.data = constant_data::copy(std::as_bytes(std::span(raw->data(), raw->size())));
    } else {
      a.data = typed(narrow ? dtype::u8 : a.type, narrow ? size : count, reals, doubles, integers,
                     wide, what);
    }
    if (narrow) {
      a.data = widened(a.data.bytes, count, *narrow);
      a.narrow_bits = narrow->bits;
    }
    if (a.type == dtype::boolean)
      for (std::byte b : a.data.bytes)
        if (static_cast<unsigned>(b) > 1) fail(import::malformed(what + " has a bool above 1"));
    return a;
  }
  static std::size_t bytes_of_narrow(std::size_t count, int bits) {
    const auto each = static_cast<std::size_t>(CHAR_BIT / bits);
    return count / each + (count % each != 0);
  }
  /// A byte for each element.
  static constant_data widened(std::span<const std::byte> packed, std::size_t count,
                               const narrow_type& t) {
    const int values = 1 << t.bits, middle = t.type == dtype::s8 ? values / 2 : values;
    std::vector<std::uint8_t> to(count);
    for (std::size_t i = 0; i < count; ++i) {
      const int v = few_bits(packed, 0, i, t.bits);
      to[i] = static_cast<std::uint8_t>(v >= middle ? v - values : v);
    }
    return constant_data::of(std::span<const std::uint8_t>(to));
  }
  static void check_size(const std::string& what, std::size_t found, std::size_t wanted,
                         const char* unit) {
    if (found != wanted)
      fail(import::malformed("data of " + what, text_of(found) + " " + unit,
                             text_of(wanted) + " for its shape"));
  }
  static dims shape_of(const std::vector<std::int64_t>& extents, const std::string& what) {
    if (extents.size() > dims::max_rank)
      fail(unsupported("rank of " + what, text_of(extents.size()), "at most 8"));
    dims d;
    for (std::int64_t v : extents) {
      if (v < 0 || v > INT32_MAX) fail(import::malformed("extent of " + what, text(v)));
      d.push_back(static_cast<std::int32_t>(v));
    }
    check(verify_shape(d, what));
    return d;
  }
  /// Narrow types sit in int32_data, uint32 and uint64 in uint64_data.
  static constant_data typed(dtype t, std::size_t count, const std::vector<float>& reals,
                             const std::vector<double>& doubles,
                             const std::vector<std::int64_t>& integers,
                             const std::vector<std::int64_t>& wide, const std::string& what) {
    const auto of = [&]<class T, class From>(T, const std::vector<From>& from) {
      check_size(what, from.size(), count, "elements");
      std::vector<T> to;
      to.reserve(count);
      for (From v : from) {
        if constexpr (std::is_integral_v<T> && sizeof(T) < 8)
          if (v < std::int64_t{std::numeric_limits<T>::min()} ||
              v > std::int64_t{std::numeric_limits<T>::max()})
            fail(import::malformed("an element of " + what, text(v)));
        to.push_back(static_cast<T>(v));
      }
      return constant_data::of(std::span<const T>(to));
    };
    switch (t) {
      case dtype::f32: return of(float{}, reals);
      case dtype::f64: return of(double{}, doubles);
      case dtype::s8: return of(std::int8_t{}, integers);
      case dtype::u8:
      case dtype::boolean: return of(std::uint8_t{}, integers);
      case dtype::s16: return of(std::int16_t{}, integers);
      case dtype::u16:
      case dtype::f16: return of(std::uint16_t{}, integers);
      case dtype::s32: return of(std::int32_t{}, integers);
      case dtype::u32: return of(std::uint32_t{}, wide);
      case dtype::s64: return of(std::int64_t{}, wide);
      case dtype::u64: return of(std::uint64_t{}, wide);
    }
    return {};
  }
  /// Part of a file in the model's own folder.
  constant_data external(const external_place& p, std::size_t size, const std::string& what) {
    if (folder_.empty())
      fail(unsupported("external data of " + what, p.location, "a model that is read from a file"));
    const import::file_bytes& file = beside(p.location, what);
    const auto offset = as_size(p.offset.value_or(0));
    if (p.length) check_size(what, as_size(*p.length), size, "bytes");
    if (offset > file.bytes.size() || size > file.bytes.size() - offset)
      fail(import::malformed("external data of " + what,
                             text_of(offset) + " + " + text_of(size) + " bytes",
                             text_of(file.bytes.size()) + " in " + p.location));
    return constant_data::copy(file.bytes.subspan(offset, size));
  }
  const import::file_bytes& beside(const std::string& location, const std::string& what) {
    namespace fs = std::filesystem;
    const fs::path relative(location);
    bool inside = !location.empty() && location.find('\\') == location.npos &&
                  location.find('\0') == location.npos && relative.is_relative();
    for (const fs::path& part : relative) inside &= part != "..";
    std::error_code e;
    const fs::path root = fs::canonical(folder_, e);
    fs::path real;
    if (inside && !e) {  // nor may a link lead out of the folder
      real = fs::weakly_canonical(root / relative, e);
      const auto [a, b] = std::mismatch(root.begin(), root.end(), real.begin(), real.end());
      inside = !e && a == root.end();
      static_cast<void>(b);
    }
    if (!inside || e)
      fail(unsupported("place of external data of " + what, location,
                       "a file in the model's folder"));
    // One file is read once, by whatever names the tensors call it.
    if (const auto it = files_.find(real.string()); it != files_.end()) return it->second;
    auto file = import::map_file(real.string(), max_);
    if (!file) fail(file.error());
    return files_.emplace(real.string(), std::move(*file)).first->second;
  }

  std::string folder_;
  limits max_;
  model model_;
  std::map<std::string, import::file_bytes> files_;
  std::size_t constants_ = 0;  // bytes
  std::size_t nodes_ = 0, depth_ = 0;
};

/// folder: where external data is; empty: there is none.
inline result<model> read_model(std::span<const std::byte> bytes, const std::string& folder,
                                const limits& max) {
  try {
    return reader(folder, max).read({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  } catch (const reader_failure& f) {
    return f.error;
  } catch (const protozero::exception& e) {
    return import::malformed("not a valid protobuf message", e.what());
  }
}

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_READER_HPP_
// ---- octet/import/onnx/reduce_earlier.hpp
// ReduceMean and ReduceSum of transposed values: ONNX Runtime 1.32 (its TransposeOptimizer) reduces
// first and transposes what is left, so that the sums run in the order of the value before.
#ifndef OCTET_IMPORT_ONNX_REDUCE_EARLIER_HPP_
#define OCTET_IMPORT_ONNX_REDUCE_EARLIER_HPP_

#include <algorithm>


OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class reductions_before_transposes : node_graph {
 public:
  reductions_before_transposes(model& m, known_shapes& shapes) : node_graph(m), shapes_(shapes) {}

  /// Rewrites the model's nodes; they come back in an order in which they can run.
  status run() {
    if (!sort()) return cycle();
    for (const item* i : order_) shapes_.follow(i->n);
    find_what_leads_to_transposes();
    for (item* i : std::vector<item*>(order_)) follow(*i);
    if (!sort()) return cycle();
    finish();
    return unit{};
  }

 private:
  using permutation = std::vector<std::int64_t>;

  static bool reduces(const node& n) {
    return (n.is("ReduceMean") || n.is("ReduceSum")) && n.out.size() == 1 && !n.in.empty();
  }
  /// Operators that a Transpose goes through from the inputs to the results.
  static bool is_elementwise(const node& n) {
    static const std::set<std::string_view> ops{
        "Abs", "Add", "Cast", "Clip", "Div", "Erf",  "Exp",     "Identity", "LeakyRelu", "Log",
        "Max", "Min", "Mul",  "Neg",  "Pow", "Relu", "Sigmoid", "Sqrt",     "Sub",       "Tanh"};
    return n.domain.empty() && ops.contains(n.op) && n.out.size() == 1;
  }
  static bool converts(const node& n) {
    return (is_quantize(n) || is_dequantize(n)) && n.out.size() == 1;
  }
  void find_what_leads_to_transposes() {
    for (std::size_t k = order_.size(); k-- > 0;) {
      const node& n = order_[k]->n;
      bool leads = n.is("Transpose");
      if (is_elementwise(n) || converts(n) || reduces(n)) leads |= leading_.contains(n.out[0]);
      if (!leads) continue;
      const std::size_t count =
          is_elementwise(n) ? n.in.size() : std::min<std::size_t>(1, n.in.size());
      for (std::size_t i = 0; i < count; ++i) leading_.insert(n.in[i]);
    }
  }
  /// What moving a Transpose of a value costs: its extents but those of 1, 5 where they are not
  /// known.
  std::int64_t cost(const std::string& value) {
    constexpr std::int64_t not_known = 5;
    const extent_list* e = shapes_.find(value);
    if (!e) return not_known;
    return std::ranges::count_if(*e, [](const extent& x) { return x.number != 1; });
  }
  bool is_constant(const std::string& value) {
    if (value.empty() || constant(value)) return true;
    const item* dq = producer(value);
    return dq && is_dequantize(dq->n) && constant(dq->n.in[0]);
  }
  /// Learns whether the result of a node is a Transpose's in the end.
  void follow(item& i) {
    const node& n = i.n;
    if (n.is("Transpose") && n.in.size() == 1 && n.out.size() == 1) {
      if (const attribute* perm = n.find("perm"); perm && is_permutation(perm->integers))
        follow_transpose(n, perm->integers);
    } else if (converts(n)) {
      const auto from = turned_.find(n.input(0));
      if (from != turned_.end() && leading_.contains(n.out[0]))
        turned_.emplace(n.out[0], permutation(from->second));
    } else if (is_elementwise(n)) {
      follow_operands(n);
    } else if (reduces(n)) {
      const auto from = turned_.find(n.in[0]);
      const bool less = cost(n.out[0]) < cost(n.in[0]);
      if (from != turned_.end() && (less || leading_.contains(n.out[0])))
        reduce_before(i, permutation(from->second));
    }
  }
  static bool is_permutation(const permutation& perm) {
    permutation sorted = perm;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t k = 0; k < sorted.size(); ++k)
      if (sorted[k] != static_cast<std::int64_t>(k)) return false;
    return !perm.empty();
  }
  /// Of a transposed value: both Transposes are one, or none where they undo each other.
  void follow_transpose(const node& n, permutation perm) {
    const auto from = turned_.find(n.in[0]);
    if (from != turned_.end()) {
      if (from->second.size() != perm.size()) return;
      for (std::int64_t& a : perm) a = from->second[as_size(a)];
    }
    if (!std::ranges::is_sorted(perm)) turned_.emplace(n.out[0], std::move(perm));
  }
  bool all_shapes_known(const node& n) {
    return std::ranges::all_of(n.in, [&](const std::string& in) { return shapes_.find(in); });
  }
  /// It goes through where that takes Transposes away, or towards one; of several operands the
  /// numbers of axes must be known.
  void follow_operands(const node& n) {
    const permutation* perm = nullptr;
    for (const std::string& in : n.in)
      if (const auto from = turned_.find(in); from != turned_.end() && !perm) perm = &from->second;
    if (!perm || (!n.is("Clip") && n.in.size() > 1 && !all_shapes_known(n))) return;
    std::int64_t all = cost(n.out[0]);
    for (const std::string& in : n.in) {
      const auto from = turned_.find(in);
      const bool goes = from != turned_.end() && from->second == *perm;
      if (goes || !is_constant(in)) all += cost(in) * (goes ? -1 : 1);
    }
    if (all < 0 || leading_.contains(n.out[0])) turned_.emplace(n.out[0], permutation(*perm));
  }
  /// Axes of a reduction, none: of all; nothing: not known.
  std::optional<permutation> axes_of(const node& n, std::size_t rank) {
    permutation axes;
    if (const attribute* a = n.find("axes")) axes = a->integers;
    if (!n.input(1).empty()) {
      const array* a = constant(n.in[1]);
      if (!a || a->type != dtype::s64) return {};
      axes.assign(a->as<std::int64_t>().begin(), a->as<std::int64_t>().end());
    }
    if (axes.empty() && n.integer("noop_with_empty_axes", 0) != 0) return {};
    const auto count = static_cast<std::int64_t>(rank);
    for (std::int64_t& a : axes) {
      if (a < -count || a >= count) return {};
      if (a < 0) a += count;
    }
    return axes;
  }
  /// The value before its Transpose: what that reads, or the value transposed back.
  std::string before(const std::string& value, const permutation& perm, double place) {
    if (const item* t = producer(value); t && t->n.is("Transpose"))
      if (const attribute* own = t->n.find("perm"); own && own->integers == perm) return t->n.in[0];
    permutation back(perm.size());
    for (std::size_t k = 0; k < perm.size(); ++k)
      back[as_size(perm[k])] = static_cast<std::int64_t>(k);
    const std::string to = fresh(value);
    transpose(value, to, back, place);
    shapes_.set_before(value, to, perm);
    return to;
  }
  void transpose(const std::string& from, const std::string& to, const permutation& perm,
                 double place) {
    node n;
    n.op = "Transpose", n.name = to;
    n.in = {from};
    n.out = {to};
    n.attributes["perm"].integers = perm;
    add(std::move(n), place);
  }
  /// Axes of what is transposed, and the Transpose of what is left.
  void reduce_before(item& i, const permutation& perm) {
    node n = i.n;
    const std::string result = n.out[0];
    const auto axes = axes_of(n, perm.size());
    if (!axes) return;
    std::vector<bool> gone(perm.size(), axes->empty());
    permutation own;
    for (const std::int64_t a : *axes) {
      own.push_back(perm[as_size(a)]);
      gone[as_size(own.back())] = true;
    }
    std::sort(own.begin(), own.end());
    permutation rest = perm;
    if (n.integer("keepdims", 1) == 0) {
      rest.clear();
      for (const std::int64_t a : perm)
        if (!gone[as_size(a)]) rest.push_back(std::count(gone.begin(), gone.begin() + a, false));
    }
    const double place = i.place;
    n.in[0] = before(n.in[0], perm, place);
    if (n.in.size() > 1 && !n.in[1].empty()) {
      n.in[1] = fresh(n.in[1]);
      model_.constants[n.in[1]] = array::of(std::span<const std::int64_t>(own),
                                            dims{static_cast<std::int32_t>(own.size())});
    } else if (!own.empty()) {
      n.attributes["axes"].integers = own;
    }
    remove(i);
    if (std::ranges::is_sorted(rest)) {
      add(std::move(n), place);
      return;
    }
    n.out[0] = fresh(result);
    const std::string reduced = n.out[0];
    add(std::move(n), place);
    transpose(reduced, result, rest, place);
    if (rest.size() == perm.size()) turned_.emplace(result, perm);
  }

  known_shapes& shapes_;
  std::set<std::string> leading_;              // to a Transpose
  std::map<std::string, permutation> turned_;  // what a Transpose gives in the end
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_REDUCE_EARLIER_HPP_
// ---- octet/import/onnx/rows.hpp
// All operators of ONNX files that octet runs: one row each.
#ifndef OCTET_IMPORT_ONNX_ROWS_HPP_
#define OCTET_IMPORT_ONNX_ROWS_HPP_

// ---- octet/import/onnx/rows_attention.hpp
// Attention and embeddings as ONNX Runtime's contributed operators have them: integer or float
// projections, masks of every rank, keys and values of earlier steps. The attention itself is
// float.
#ifndef OCTET_IMPORT_ONNX_ROWS_ATTENTION_HPP_
#define OCTET_IMPORT_ONNX_ROWS_ATTENTION_HPP_

// ---- octet/import/onnx/rows_transformers.hpp
// Rows of transformers' float parts: normalizations of rows, the forms of GELU, and what ONNX
// Runtime fuses them to.
#ifndef OCTET_IMPORT_ONNX_ROWS_TRANSFORMERS_HPP_
#define OCTET_IMPORT_ONNX_ROWS_TRANSFORMERS_HPP_

#include <algorithm>


OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

/// a (op) b of floats, as a node of that operator has it.
inline value combined(emitter& m, const call& c, const op_def& op, const value& a, const value& b) {
  call pair{c.n, {a, b}};
  if (m.failed() || !m.is_real(a) || !m.is_real(b)) return {};
  binary(m, pair, op, dtype::f32);
  return m.failed() ? value{} : pair.out[0];
}
/// Over the axes from `axis` on: (x - mean) / sqrt(variance + epsilon), or without the mean.
inline value normalized(emitter& m, const value& x, std::int64_t axis, float epsilon,
                        bool centred) {
  const int rank = m.rank(x), first = m.axis(axis, rank);
  if (m.failed()) return {};
  std::vector<std::int64_t> axes;
  for (int i = first; i < rank; ++i) axes.push_back(i);
  tensor_id d = m.held(x, false);
  const auto mean = [&](tensor_id t) {
    return m.made(ops::mean, {t}, dtype::f32, reduction(axes));
  };
  if (centred) d = m.made(ops::sub, {d, mean(d)}, dtype::f32);
  const tensor_id variance = mean(m.made(ops::square, {d}, dtype::f32));
  if (m.failed()) return {};
  const tensor_id root =
      m.made(ops::sqrt, {m.made(ops::add, {variance, m.to.scalar_constant(epsilon)}, dtype::f32)},
             dtype::f32);
  return value::of(m.made(ops::div, {d, root}, dtype::f32));
}
/// What a normalization of rows is: its axes from `axis` on, and an order of its sums
/// (layer_norm_attrs), where it is not the usual one.
struct row_normalization {
  std::int64_t axis = -1;
  float epsilon = 0;
  bool centred = true;
  const char* sums = nullptr;
};
/// Rows normalized, times weight, plus bias: as one operator where weight and bias have one element
/// for each of a row's, else put together.
inline value normalized_rows(emitter& m, const call& c, const value& x, const row_normalization& r,
                             const value& weight, const value& bias) {
  const int rank = m.rank(x), first = m.axis(r.axis, rank);
  if (m.failed() || !m.is_real(x) || !m.is_real(weight) || (bias.given() && !m.is_real(bias)))
    return {};
  std::size_t size = 1;
  for (int i = first; i < rank; ++i) size *= as_size(m.shape(x)[i]);
  const auto fits = [&](const value& v) { return m.shape(v).elements().value == size; };
  if (size == 0 || !fits(weight) || (bias.given() && !fits(bias))) {
    value y = normalized(m, x, r.axis, r.epsilon, r.centred);
    y = combined(m, c, ops::mul, y, weight);
    return bias.given() ? combined(m, c, ops::add, y, bias) : y;
  }
  attributes a;
  a.set("axes", std::int64_t{rank - first});
  a.set("epsilon", static_cast<double>(r.epsilon));
  if (!r.centred) a.set("centred", std::int64_t{0});
  if (r.sums) a.set(r.sums, std::int64_t{1});
  std::vector<tensor_id> in{m.held(x, false), m.held(weight, false)};
  if (bias.given()) in.push_back(m.held(bias, false));
  return value::of(m.made(ops::float_layer_norm, std::move(in), dtype::f32, std::move(a)));
}
/// x, scale, [bias].
template <bool Centred> void layer_normalization_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 3) || !m.is_real(c.in[0])) return;
  const row_normalization r{m.integer(c, "axis", -1), m.real(c, "epsilon", 1e-5f), Centred};
  const value y = normalized_rows(m, c, c.in[0], r, c.in[1], c.input(2));
  if (!m.failed()) c.out = {y};
}
/// x, skip, gamma, [beta (only with the mean)], [bias]: the sum is normalized; it is result 3.
template <bool Centred> void skip_layer_normalization_row(emitter& m, call& c) {
  constexpr std::size_t bias = Centred ? 4 : 3;
  if (!m.arity(c, 3, bias + 1) || !m.is_real(c.in[0])) return;
  value sum = combined(m, c, ops::add, c.in[0], c.in[1]);
  if (c.has(bias)) sum = combined(m, c, ops::add, sum, c.in[bias]);
  if (m.failed()) return;
  const row_normalization r{-1, m.real(c, "epsilon", Centred ? 1e-12f : 1e-6f), Centred, "running"};
  const value y = normalized_rows(m, c, sum, r, c.in[2], Centred ? c.input(3) : value{});
  if (!m.failed()) c.out = {y, value{}, value{}, sum};
}
/// x, [bias]: GELU of the sum.
template <bool Approximate> void bias_gelu_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 2) || !m.is_real(c.in[0])) return;
  value x = c.in[0];
  if (c.has(1)) x = combined(m, c, ops::add, x, c.in[1]);
  if (m.failed()) return;
  attributes a;
  if (Approximate) a.set("approximate", std::int64_t{1});
  m.give(c, m.made(ops::gelu, {m.held(x)}, dtype::f32, std::move(a)), x.channels_inner);
}
/// x * sigmoid(alpha * x); Swish: alpha is 1 where it is not given.
template <bool Swish> void quick_gelu_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  const float alpha = m.real(c, "alpha", Swish ? 1.f : 1.702f);
  const tensor_id x = m.held(c.in[0]);
  tensor_id s = x;
  if (alpha != 1.f) s = m.made(ops::mul, {x, m.to.scalar_constant(alpha)}, dtype::f32);
  m.give(c, m.made(ops::mul, {x, m.made(ops::logistic, {s}, dtype::f32)}, dtype::f32),
         c.in[0].channels_inner);
}
/// x, [k]: 0 below diagonal k of the last two axes, or above it.
inline void trilu_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 2)) return;
  const dims s = m.shape(c.in[0]);
  if (s.rank < 2) return m.broken("rank", std::to_string(s.rank), "2 or more");
  std::int64_t k = 0;
  if (c.has(1)) {
    const auto list = m.constant_integers(c.in[1], "the diagonal of Trilu");
    if (m.failed()) return;
    if (list.size() != 1) return m.broken("the diagonal of Trilu", std::to_string(list.size()));
    k = std::clamp<std::int64_t>(list[0], -s.back(1), s.back(0));
  }
  const bool upper = m.integer(c, "upper", 1) != 0;
  dims shape;
  for (int i = 0; i < s.rank - 2; ++i) shape.push_back(1);
  shape.push_back(s.back(1)), shape.push_back(s.back(0));
  if (!m.check(verify_size(shape, dtype::boolean, m.to.max, "a triangle"))) return;
  std::vector<std::byte> kept;
  for (std::int64_t row = 0; row < s.back(1); ++row)
    for (std::int64_t column = 0; column < s.back(0); ++column)
      kept.push_back(std::byte{upper ? column - row >= k : column - row <= k});
  const dtype t = m.type(c.in[0]);
  const std::vector<std::byte> zero(size_of(t));
  const tensor_id mask = m.new_constant("", dtype::boolean, shape, kept),
                  none = m.new_constant("", t, dims{}, zero);
  m.give(c, m.made(ops::select, {mask, m.held(c.in[0], false), none}, t), false);
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_TRANSFORMERS_HPP_

OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

inline tensor_id turned(emitter& m, tensor_id t, std::vector<std::int64_t> perm) {
  attributes a;
  a.set("perm", std::move(perm));
  return m.failed() ? no_tensor : m.moved(ops::transpose, t, std::move(a));
}
/// Queries, keys and values [batch, heads, steps, size]; `mask` is added to the scores and
/// broadcasts over [batch, heads, steps, all steps]; `past` [2, batch, heads, earlier, size].
struct attention {
  tensor_id q = no_tensor, k = no_tensor, v = no_tensor, mask = no_tensor;
  std::int32_t batch = 0, heads = 0, steps = 0, size = 0, earlier = 0;
  std::int32_t keys = -1;  // where they are no steps of their own: how many there are in all
  float scale = 0;         // of the scores
  bool causal = false, hidden_is_zero = false;
  std::int32_t all() const { return keys < 0 ? earlier + steps : keys; }
};
/// 1 / sqrt(size) where the attribute `scale` is 0 or not given.
inline float scale_of_scores(emitter& m, const call& c, std::int32_t size) {
  const float given = m.real(c, "scale", 0.f);
  return given != 0 ? given
                    : numerics::div(1.f, numerics::sqrt_f32(static_cast<float>(std::max(size, 1))));
}
/// Constants along all steps, one int32 each.
inline tensor_id numbered(emitter& m, std::int32_t count) {
  if (!m.check(verify_size(dims{count}, dtype::s32, m.to.max, "places"))) return no_tensor;
  std::vector<std::int32_t> list;
  for (std::int32_t i = 0; i < count; ++i) list.push_back(i);
  return m.new_constant("", dims{count}, list);
}
/// The mask of an attention as numbers to add: 0 where it lets a key be seen, else `filter`.
///   [batch, all] or [batch, steps, all]: above 0 is seen
///   [batch]: how many keys are seen; [2 batch]: then also how many are skipped before them
///   [batch, 1], [1, 1]: no mask
inline tensor_id mask_to_add(emitter& m, const value& v, const attention& a, float filter) {
  const dims s = m.shape(v);
  if (m.failed()) return no_tensor;
  if (m.type(v) != dtype::s32) {
    m.refuse("element type of an attention's mask", std::string(name_of(m.type(v))), "int32");
    return no_tensor;
  }
  const tensor_id given = m.held(v, false);
  const auto compared = [&](const op_def& op, tensor_id x, tensor_id y) {
    return m.made(op, {x, y}, dtype::boolean);
  };
  tensor_id seen = no_tensor;
  if (s == dims{a.batch, a.all()} || s == dims{a.batch, a.steps, a.all()}) {
    const dims as = s.rank == 2 ? dims{a.batch, 1, 1, a.all()} : dims{a.batch, 1, a.steps, a.all()};
    seen = compared(ops::greater, m.reshaped(given, as), m.to.scalar_constant(std::int32_t{0}));
  } else if (s.rank == 2 && s[1] == 1 && (s[0] == 1 || s[0] == a.batch)) {
    return no_tensor;
  } else if (s == dims{a.batch} || s == dims{2 * a.batch}) {
    const auto column = [&](std::int32_t from) {
      return m.reshaped(s[0] == a.batch ? given : part_of_axis(m, given, 0, from, a.batch),
                        dims{a.batch, 1, 1, 1});
    };
    const tensor_id position = m.reshaped(numbered(m, a.all()), dims{1, 1, 1, a.all()});
    seen = compared(ops::less, position, column(0));
    if (s[0] != a.batch)
      seen =
          m.made(ops::logical_and, {seen, compared(ops::greater_equal, position, column(a.batch))},
                 dtype::boolean);
  } else {
    m.refuse("shape of an attention's mask", to_string(s),
             "[batch], [2 batch], [batch, keys], [batch, queries, keys]: " +
                 to_string(dims{a.batch, a.steps, a.all()}));
    return no_tensor;
  }
  return m.made(ops::select, {seen, m.to.scalar_constant(0.f), m.to.scalar_constant(filter)},
                dtype::f32);
}
/// Adds the keys and values of earlier steps. Result: what is known afterwards, [2, batch, heads,
/// all steps, size], where it is wanted.
inline tensor_id with_past(emitter& m, attention& a, const value& past, bool wanted) {
  if (past.given() && !m.failed()) {
    const dims s = m.shape(past);
    if (s.rank != 5 || !(s == dims{2, a.batch, a.heads, s[3], a.size})) {
      m.broken("shape of past keys and values", to_string(s),
               to_string(dims{2, a.batch, a.heads, -1, a.size}));
      return no_tensor;
    }
    a.earlier = s[3];
    const tensor_id all = m.held(past, false);
    const auto extended = [&](std::int64_t i, tensor_id now) {
      const tensor_id before =
          m.reshaped(part_of_axis(m, all, 0, i, 1), dims{a.batch, a.heads, a.earlier, a.size});
      return joined_on(m, {before, now}, 2);
    };
    a.k = extended(0, a.k), a.v = extended(1, a.v);
  }
  const dims one{1, a.batch, a.heads, a.all(), a.size};
  if (!wanted) return no_tensor;
  return m.failed() ? no_tensor : joined_on(m, {m.reshaped(a.k, one), m.reshaped(a.v, one)}, 0);
}
/// Shares of the keys, 0 in rows of which the mask lets none be seen: no score is above the lowest
/// number.
inline tensor_id shares_of_seen(emitter& m, tensor_id scores, tensor_id shares) {
  attributes last;
  last.set("axes", std::vector<std::int64_t>{3}), last.set("keep_dims", std::int64_t{1});
  const tensor_id most = m.made(ops::reduce_max, {scores}, dtype::f32, std::move(last));
  const tensor_id seen =
      m.made(ops::greater, {most, m.to.scalar_constant(std::numeric_limits<float>::lowest())},
             dtype::boolean);
  return m.made(ops::select, {seen, shares, m.to.scalar_constant(0.f)}, dtype::f32);
}
/// [batch, steps, heads * size].
inline tensor_id attended(emitter& m, const attention& a) {
  tensor_id mask = a.mask;
  if (a.causal) {
    const dims square{a.steps, a.all()};
    if (!m.check(verify_size(square, dtype::f32, m.to.max, "a mask"))) return no_tensor;
    std::vector<float> ahead;
    for (std::int32_t row = 0; row < a.steps; ++row)
      for (std::int32_t column = 0; column < a.all(); ++column)
        ahead.push_back(column > a.earlier + row ? std::numeric_limits<float>::lowest() : 0.f);
    const tensor_id later = m.new_constant("", square, ahead);
    mask = mask == no_tensor ? later : m.made(ops::add, {mask, later}, dtype::f32);
  }
  attributes product;
  product.set("adj_y", std::int64_t{1}), product.set("alpha", static_cast<double>(a.scale));
  std::vector<tensor_id> in{a.q, a.k};
  if (mask != no_tensor) in.push_back(mask);
  const tensor_id scores = m.made(ops::batch_matmul, std::move(in), dtype::f32, std::move(product));
  tensor_id shares = m.made(ops::softmax, {scores}, dtype::f32, along(3));
  if (a.hidden_is_zero && a.mask != no_tensor) shares = shares_of_seen(m, scores, shares);
  const tensor_id y = turned(m, m.made(ops::batch_matmul, {shares, a.v}, dtype::f32), {0, 2, 1, 3});
  return m.failed() ? no_tensor : m.reshaped(y, dims{a.batch, a.steps, a.heads * a.size});
}
/// The joint projection [batch, steps, 3 * heads * size] as queries, keys and values; then the
/// attention itself, with inputs `mask` and `past` of the node.
inline void attend(emitter& m, call& c, const value& projected, std::size_t mask,
                   std::size_t past) {
  const std::int64_t heads = m.integer(c, "num_heads", 0);
  if (m.failed()) return;
  const dims s = m.shape(projected);
  if (heads < 1 || heads > s[2] || s[2] % (3 * heads) != 0)
    return m.broken("attribute num_heads", std::to_string(heads),
                    "a divisor of " + std::to_string(s[2] / 3));
  for (const char* key : {"do_rotary", "past_present_share_buffer", "rotary_embedding_dim"})
    if (m.integer(c, key, 0) != 0) m.refuse(key, std::to_string(m.integer(c, key, 0)), "0");
  attention a;
  a.batch = s[0], a.steps = s[1], a.heads = static_cast<std::int32_t>(heads);
  a.size = s[2] / 3 / a.heads;
  a.scale = scale_of_scores(m, c, a.size);
  a.causal = m.integer(c, "unidirectional", 0) != 0;
  const tensor_id all =
      turned(m, m.reshaped(m.held(projected, false), dims{a.batch, a.steps, 3, a.heads, a.size}),
             {2, 0, 3, 1, 4});
  const auto part = [&](std::int64_t k) {
    return m.reshaped(part_of_axis(m, all, 0, k, 1), dims{a.batch, a.heads, a.steps, a.size});
  };
  a.q = part(0), a.k = part(1), a.v = part(2);
  const bool present_wanted = c.n.out.size() > 1 && !c.n.out[1].empty();
  const tensor_id present = with_past(m, a, c.input(past), present_wanted);
  if (c.has(mask)) a.mask = mask_to_add(m, c.in[mask], a, m.real(c, "mask_filter_value", -10000.f));
  const tensor_id y = attended(m, a);
  if (!m.failed()) c.out = {value::of(y), value::of(present)};
}
/// x [batch, steps, inputs] and weights [inputs, 3 * hidden].
inline bool fits_projection(emitter& m, const value& x, const value& w) {
  const dims a = m.shape(x), b = m.shape(w);
  if (m.failed() || (a.rank == 3 && b.rank == 2 && a[2] == b[0] && b[1] % 3 == 0))
    return !m.failed();
  m.broken("shapes of an attention's input and weights", to_string(a) + ", " + to_string(b),
           "[batch, steps, inputs], [inputs, 3 hidden]");
  return false;
}
/// x of codes, weights, bias, x_scale, weights_scale, [mask], [x_zero], [weights_zero], [past]: the
/// three projections as integers.
inline void qattention_row(emitter& m, call& c) {
  if (!m.arity(c, 5, 9) || !fits_projection(m, c.in[0], c.in[1])) return;
  call projection{c.n, {c.in[0], c.in[1], c.in[3], c.in[4], c.input(6), c.input(7), c.in[2]}};
  matmul_integer_to_float_row(m, projection);
  if (!m.failed()) attend(m, c, projection.out[0], 5, 8);
}
/// The same in float: x, weights, [bias], [mask], [past].
inline void attention_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 5) || !fits_projection(m, c.in[0], c.in[1])) return;
  if (!m.integers(c, "qkv_hidden_sizes").empty()) return m.refuse("qkv_hidden_sizes of Attention");
  const product p = read_product(m, c.in[0], c.in[1]);
  if (m.failed()) return;
  const auto width = as_size(p.out.back(0));
  const bool joins = p.dense && c.has(2) && m.shape(c.in[2]).elements().value == width;
  std::vector<tensor_id> in{p.a, p.dense ? transposed(m, p.b) : p.b};
  if (joins) in.push_back(m.reshaped(m.held(c.in[2], false), {p.out.back(0)}));
  value all =
      value::of(p.dense ? m.made(ops::float_fully_connected, std::move(in), dtype::f32, keep_dims())
                        : m.made(ops::batch_matmul, std::move(in), dtype::f32));
  if (c.has(2) && !joins) all = combined(m, c, ops::add, all, c.in[2]);
  if (!m.failed()) attend(m, c, all, 3, 4);
}
/// What MultiHeadAttention reads: query, key, value, [bias of all three], [mask of keys], [bias of
/// the scores], [past keys, past values].
struct many_heads {
  tensor_id q = no_tensor, k = no_tensor, v = no_tensor;  // [batch, heads, steps or keys, size]
  std::int32_t batch = 0, heads = 0, steps = 0, keys = 0, earlier = 0;
  bool given_in_heads = false;  // keys and values
};
/// Part i of three of the bias, added to x [batch, steps, heads * size]; in heads.
inline tensor_id biased_heads(emitter& m, const call& c, value x, std::size_t i,
                              const many_heads& a) {
  const dims s = m.shape(x);
  if (m.failed() || !m.is_real(x)) return no_tensor;
  if (s.rank != 3 || s[0] != a.batch || s[2] % a.heads != 0) {
    m.refuse("shapes of MultiHeadAttention", to_string(s),
             "query, key and value of three axes and one width");
    return no_tensor;
  }
  if (c.has(3)) {
    const std::int32_t all = m.shape(c.in[3]).back(0), width = m.shape(c.in[0]).back(0);
    const std::int32_t begin = i == 2 ? all - s[2] : static_cast<std::int32_t>(i) * width;
    const tensor_id bias = part_of_axis(m, m.held(c.in[3], false), 0, begin, s[2]);
    if (!m.failed()) x = combined(m, c, ops::add, x, value::of(bias));
    if (m.failed()) return no_tensor;
  }
  const dims split{s[0], s[1], a.heads, s[2] / a.heads};
  return turned(m, m.reshaped(m.held(x, false), split), {0, 2, 1, 3});
}
/// All three, in heads; keys and values may come so.
inline void read_many_heads(emitter& m, const call& c, many_heads& a) {
  const std::int64_t heads = m.integer(c, "num_heads", 0);
  const dims q = m.shape(c.in[0]);
  if (m.failed()) return;
  if (q.rank != 3 || !c.has(1) || !c.has(2))
    return m.refuse("queries, keys and values in one input", to_string(q),
                    "three inputs, as ONNX Runtime's CPU does");
  if (heads < 1 || heads > q[2] || q[2] % heads != 0)
    return m.broken("attribute num_heads", std::to_string(heads), "a divisor of the width");
  a.batch = q[0], a.heads = static_cast<std::int32_t>(heads), a.steps = a.keys = q[1];
  a.q = biased_heads(m, c, c.in[0], 0, a);
  const bool in_heads = a.given_in_heads = m.rank(c.in[1]) == 4;
  if (!m.is_real(c.in[1]) || !m.is_real(c.in[2])) return;
  a.k = in_heads ? m.held(c.in[1], false) : biased_heads(m, c, c.in[1], 1, a);
  a.v = in_heads ? m.held(c.in[2], false) : biased_heads(m, c, c.in[2], 2, a);
  if (in_heads && c.has(3)) m.refuse("a bias beside keys in heads");
}
/// Keys and values of earlier steps stand before them.
inline void extend_many_heads(emitter& m, const call& c, many_heads& a) {
  for (std::size_t i : {8u, 9u})
    if (c.has(i)) m.refuse("input " + std::to_string(i) + " of MultiHeadAttention");
  if (m.failed()) return;
  const dims now = m.tensor_of(a.k).shape;
  const auto extended = [&](tensor_id x, std::size_t i) {
    return c.has(i) ? joined_on(m, {m.held(c.in[i], false), x}, 2) : x;
  };
  a.k = extended(a.k, 6), a.v = extended(a.v, 7);
  if (m.failed()) return;
  const dims q = m.tensor_of(a.q).shape, k = m.tensor_of(a.k).shape, v = m.tensor_of(a.v).shape;
  if (k.rank != 4 || v.rank != 4 || k[0] != a.batch || k[1] != a.heads || k[3] != q[3] ||
      !(v == dims{k[0], k[1], k[2], v[3]}))
    return m.broken("shapes of MultiHeadAttention",
                    to_string(q) + ", " + to_string(k) + ", " + to_string(v),
                    "queries, keys and values that fit");
  a.keys = k[2], a.earlier = k[2] - now[2];
}
/// What is added to the scores: a mask of keys, a bias, the lowest number for later keys.
inline tensor_id added_to_scores(emitter& m, const call& c, const many_heads& a) {
  attention shape;
  shape.batch = a.batch, shape.steps = a.steps, shape.keys = a.keys;
  tensor_id y = no_tensor;
  const auto also = [&](tensor_id x) {
    y = y == no_tensor || x == no_tensor ? (x == no_tensor ? y : x)
                                         : m.made(ops::add, {y, x}, dtype::f32);
  };
  if (c.has(4)) also(mask_to_add(m, c.in[4], shape, m.real(c, "mask_filter_value", -10000.f)));
  if (c.has(5) && m.is_real(c.in[5])) also(m.held(c.in[5], false));
  if (m.integer(c, "unidirectional", 0) == 0 || m.failed()) return y;
  const dims square{a.steps, a.keys};
  if (!m.check(verify_size(square, dtype::f32, m.to.max, "a mask"))) return no_tensor;
  std::vector<float> ahead;
  for (std::int32_t row = 0; row < a.steps; ++row)
    for (std::int32_t column = 0; column < a.keys; ++column)
      ahead.push_back(column > a.earlier + row ? std::numeric_limits<float>::lowest() : 0.f);
  also(m.new_constant("", square, ahead));
  return y;
}
/// Without masks and keys of before ONNX Runtime takes tiles of rows through both products.
inline void multi_head_attention_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 10)) return;
  many_heads a;
  read_many_heads(m, c, a);
  extend_many_heads(m, c, a);
  const tensor_id mask = added_to_scores(m, c, a);
  if (m.failed()) return;
  const bool gives_keys = c.n.out.size() > 1 && !c.n.out[1].empty();
  const bool tiles =
      !a.given_in_heads && !c.has(4) && !c.has(5) && !c.has(6) && !gives_keys && mask == no_tensor;
  const std::int32_t size = m.tensor_of(a.v).shape[3];
  const float scale = scale_of_scores(m, c, m.tensor_of(a.q).shape[3]);
  attributes at;
  at.set("adj_y", std::int64_t{1}), at.set("alpha", static_cast<double>(scale));
  tensor_id y = no_tensor;
  if (tiles) {
    at.set("undivided", std::int64_t{1});
    y = m.made(ops::attention, {a.q, a.k, a.v}, dtype::f32, std::move(at));
  } else {
    tensor_id s = m.made(ops::batch_matmul, {a.q, a.k}, dtype::f32, std::move(at));
    if (mask != no_tensor) s = m.made(ops::add, {s, mask}, dtype::f32);
    y = m.made(ops::batch_matmul, {m.made(ops::softmax, {s}, dtype::f32, along(3)), a.v},
               dtype::f32);
  }
  y = turned(m, y, {0, 2, 1, 3});
  if (m.failed()) return;
  y = m.reshaped(y, dims{a.batch, a.steps, a.heads * size});
  c.out = {value::of(y), value::of(a.k), value::of(a.v)};
}

// ---- attention of ai.onnx ----

/// Queries, keys and values of four axes [batch, heads, steps, size], as they are or from
/// [batch, steps, heads * size].
inline tensor_id in_heads(emitter& m, const call& c, std::size_t i, const char* key) {
  const dims s = m.shape(c.in[i]);
  if (m.failed() || !m.is_real(c.in[i])) return no_tensor;
  const tensor_id x = m.held(c.in[i], false);
  if (s.rank == 4) return x;
  const std::int64_t heads = m.integer(c, key, 0);
  if (s.rank != 3 || heads < 1 || s[2] % heads != 0) {
    m.broken("shape of an attention's input", to_string(s), std::string(key) + " heads");
    return no_tensor;
  }
  const auto count = static_cast<std::int32_t>(heads);
  return turned(m, m.reshaped(x, dims{s[0], s[1], count, s[2] / count}), {0, 2, 1, 3});
}
/// Each head of keys or values as often as queries share it.
inline tensor_id shared_heads(emitter& m, tensor_id x, std::int32_t heads) {
  if (m.failed()) return no_tensor;
  const std::int32_t own = m.tensor_of(x).shape[1];
  if (own == heads) return x;
  std::vector<std::int32_t> which;
  for (std::int32_t i = 0; i < heads; ++i) which.push_back(i / (heads / own));
  const tensor_id y = m.to.like(x), index = m.new_constant("", dims{heads}, which);
  attributes a;
  a.set("axis", std::int64_t{1});
  return m.emit(ops::gather, {x, index}, {y}, std::move(a)) ? y : no_tensor;
}
/// What is added to the scores: floats as they are, the lowest number where bools are false.
inline tensor_id added_mask(emitter& m, const value& v) {
  if (m.failed() || !v.given()) return no_tensor;
  const tensor_id x = m.held(v, false);
  if (m.failed() || m.type(v) == dtype::f32) return x;
  if (m.type(v) != dtype::boolean) {
    m.refuse("element type of an attention's mask", std::string(name_of(m.type(v))),
             "bool, float32");
    return no_tensor;
  }
  return m.made(
      ops::select,
      {x, m.to.scalar_constant(0.f), m.to.scalar_constant(std::numeric_limits<float>::lowest())},
      dtype::f32);
}
/// Attributes and results that have no formula here.
inline void only_plain_attention(emitter& m, const call& c) {
  if (m.real(c, "softcap", 0.f) != 0) m.refuse("softcap of Attention");
  only_float(m, c, "softmax_precision");
  if (c.n.out.size() > 3 && !c.n.out[3].empty()) m.refuse("the scores as a result of Attention");
  if (c.has(6)) m.refuse("lengths of keys and values as an input of Attention");
}
/// Q, K, V, [mask], [past keys], [past values].
inline void onnx_attention_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 7)) return;
  only_plain_attention(m, c);
  attention a;
  a.q = in_heads(m, c, 0, "q_num_heads"), a.k = in_heads(m, c, 1, "kv_num_heads");
  a.v = in_heads(m, c, 2, "kv_num_heads");
  if (m.failed()) return;
  const auto extended = [&](tensor_id now, std::size_t i) {
    return c.has(i) ? joined_on(m, {m.held(c.in[i], false), now}, 2) : now;
  };
  const std::int32_t now = m.tensor_of(a.k).shape[2];
  const tensor_id keys = extended(a.k, 4), values = extended(a.v, 5);
  if (m.failed()) return;
  const dims q = m.tensor_of(a.q).shape, k = m.tensor_of(keys).shape, v = m.tensor_of(values).shape;
  if (k.rank != 4 || v.rank != 4 || k[1] < 1 || q[1] % k[1] != 0 || v[1] != k[1] || v[2] != k[2] ||
      q[3] != k[3] || q[0] != k[0] || q[0] != v[0])
    return m.broken("shapes of Attention", to_string(q) + ", " + to_string(k) + ", " + to_string(v),
                    "queries, keys and values that fit");
  a.batch = q[0], a.heads = q[1], a.steps = q[2], a.size = v[3];
  a.earlier = k[2] - now, a.keys = k[2];
  a.scale = scale_of_scores(m, c, q[3]);
  a.causal = m.integer(c, "is_causal", 0) != 0, a.hidden_is_zero = true;
  a.mask = added_mask(m, c.input(3));
  a.k = shared_heads(m, keys, q[1]), a.v = shared_heads(m, values, q[1]);
  tensor_id y = attended(m, a);
  if (m.failed()) return;
  if (m.rank(c.in[0]) == 4)
    y = turned(m, m.reshaped(y, dims{a.batch, a.steps, a.heads, a.size}), {0, 2, 1, 3});
  c.out = {value::of(y), value::of(keys), value::of(values)};
}

// ---- embeddings ----

/// Rows of a table by number.
inline tensor_id rows_of(emitter& m, tensor_id table, tensor_id index) {
  if (m.failed()) return no_tensor;
  const tensor_id y = m.to.like(table);
  attributes a;
  a.set("axis", std::int64_t{0});
  return m.emit(ops::gather, {table, index}, {y}, std::move(a)) ? y : no_tensor;
}
/// What the operators for embeddings read: ids, [segments], the tables of words, positions and
/// [segments], gamma, beta, [mask].
struct embedding {
  tensor_id words = no_tensor, positions = no_tensor, segments = no_tensor;  // floats, per id
  value gamma, beta;
};
/// Their normalized sum; how many elements of each mask are 1 (without a mask: 0); the sum itself.
inline void embed(emitter& m, call& c, const embedding& e) {
  tensor_id sum = m.made(ops::add, {e.words, e.positions}, dtype::f32);
  if (e.segments != no_tensor) sum = m.made(ops::add, {sum, e.segments}, dtype::f32);
  if (m.failed()) return;
  const row_normalization r{-1, m.real(c, "epsilon", 1e-12f), true, "in_order"};
  const value y = normalized_rows(m, c, value::of(sum), r, e.gamma, e.beta);
  if (m.failed()) return;
  const dims ids = m.shape(c.in[0]);
  tensor_id count = no_tensor;
  if (c.has(7)) {
    if (!(m.shape(c.in[7]) == ids) || m.type(c.in[7]) != dtype::s32)
      return m.broken("mask of an embedding", to_string(m.shape(c.in[7])),
                      "int32 " + to_string(ids));
    const tensor_id one =
        m.made(ops::equal, {m.held(c.in[7], false), m.to.scalar_constant(std::int32_t{1})},
               dtype::boolean);
    attributes last;
    last.set("axes", std::vector<std::int64_t>{1});
    count = m.made(ops::sum, {m.made(ops::cast, {one}, dtype::s32)}, dtype::s32, std::move(last));
  } else {
    count = m.filled(dims{ids[0]}, std::int32_t{0});
  }
  if (!m.failed()) c.out = {y, value::of(count), value::of(sum)};
}
/// Checks ids [batch, steps] and gives the positions 0, 1, ... of one sequence.
inline tensor_id positions_of(emitter& m, const call& c) {
  const dims ids = m.shape(c.in[0]);
  if (m.failed()) return no_tensor;
  if (ids.rank != 2 || (c.has(1) && !(m.shape(c.in[1]) == ids))) {
    m.broken("shape of ids", to_string(ids), "[batch, steps], segments likewise");
    return no_tensor;
  }
  if (m.integer(c, "mask_index_type", 1) != 1) {
    m.refuse("mask_index_type", "0", "1");
    return no_tensor;
  }
  return numbered(m, ids[1]);
}
/// Tables of codes: their scales are inputs 8 to 12, their zero points 13 to 17.
inline void qembed_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 18)) return;
  for (const std::size_t i : {2u, 3u, 5u, 6u})
    if (!c.has(i) || !c.has(i + 6))
      return m.broken("input " + std::to_string(c.has(i) ? i + 6 : i), "absent", "a value");
  if (c.has(1) && (!c.has(4) || !c.has(10))) return m.broken("table of segments", "absent");
  const tensor_id place = positions_of(m, c);
  const auto real = [&](tensor_id codes, std::size_t i) {
    if (m.failed()) return no_tensor;
    const quantization q = m.quantized_by(c.in[i + 6], c.input(i + 11));
    if (m.failed()) return no_tensor;
    return m.made(ops::dequantize, {m.under(value::of(codes), false, q)}, dtype::f32);
  };
  const auto looked_up = [&](std::size_t i, tensor_id index) {
    return m.failed() || !m.is_byte(c.in[i]) ? no_tensor
                                             : real(rows_of(m, m.held(c.in[i], false), index), i);
  };
  embedding e;
  e.words = looked_up(2, m.held(c.in[0], false)), e.positions = looked_up(3, place);
  if (c.has(1)) e.segments = looked_up(4, m.held(c.in[1], false));
  e.gamma = value::of(real(m.held(c.in[5], false), 5));
  e.beta = value::of(real(m.held(c.in[6], false), 6));
  embed(m, c, e);
}
/// Tables of floats; input 8: positions.
inline void embed_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 9)) return;
  for (const std::size_t i : {2u, 3u, 5u, 6u})
    if (!c.has(i)) return m.broken("input " + std::to_string(i), "absent", "a value");
  if (c.has(1) && !c.has(4)) return m.broken("table of segments", "absent");
  const tensor_id place = positions_of(m, c);
  embedding e;
  e.words = rows_of(m, m.held(c.in[2], false), m.held(c.in[0], false));
  e.positions = rows_of(m, m.held(c.in[3], false), c.has(8) ? m.held(c.in[8], false) : place);
  if (c.has(1)) e.segments = rows_of(m, m.held(c.in[4], false), m.held(c.in[1], false));
  e.gamma = c.in[5], e.beta = c.in[6];
  embed(m, c, e);
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_ATTENTION_HPP_
// ---- octet/import/onnx/rows_functions.hpp
// Rows put together from other operators: activations, norms of vectors and images, products with
// attributes, elements by index, nodes with subgraphs.
#ifndef OCTET_IMPORT_ONNX_ROWS_FUNCTIONS_HPP_
#define OCTET_IMPORT_ONNX_ROWS_FUNCTIONS_HPP_

#include <algorithm>

// ---- octet/import/common/einsum.hpp
// Einstein sums: from an equation to sums, transpositions and matrix products of two operands.
#ifndef OCTET_IMPORT_COMMON_EINSUM_HPP_
#define OCTET_IMPORT_COMMON_EINSUM_HPP_

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>


OCTET_NAMESPACE_BEGIN
namespace import {

/// What becomes of an operand before it is multiplied: axes that are summed over and go, then the
/// order of those left, then their extents as matrices [batch, rows, columns].
struct einsum_operand {
  std::vector<std::int64_t> sum, order, matrices;
};
/// The result so far (the first operand in the first step) times the next operand.
struct einsum_product {
  einsum_operand left, right;
  std::vector<std::int64_t> extents;  // of the product, one a label
  std::vector<std::int64_t> order;    // of its axes
};
/// Two axes of an operand that have one label: their diagonal stands in their place, as last axis.
struct einsum_diagonal {
  std::size_t operand;
  std::array<std::int64_t, 2> axes;
};
/// The diagonals, one after another, then: one operand alone is summed and turned; of several, each
/// product takes one more.
struct einsum_plan {
  std::vector<einsum_diagonal> diagonals;
  einsum_operand alone;
  std::vector<einsum_product> products;
};

namespace detail {

struct einsum_labels {
  std::vector<std::string> in;
  std::string out;
};
/// Writes "..." out as the digits of that many axes; whether all labels are such as may be.
inline bool spell_out(std::string& labels, std::size_t dots) {
  const std::size_t at = labels.find("...");
  if (at != std::string::npos) {
    std::string digits;
    for (std::size_t i = dots; i-- > 0;) digits += static_cast<char>('0' + i);
    labels.replace(at, 3, digits);
  }
  return std::all_of(labels.begin(), labels.end(), [](char ch) {
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '7');
  });
}
/// Labels with "..." written out as digits, of the axes counted from the last one.
inline result<einsum_labels> read_einsum(const std::string& equation,
                                         const std::vector<std::vector<std::int64_t>>& shapes) {
  std::string text;
  for (const char ch : equation)
    if (ch != ' ') text += ch;
  const auto refused = [&](const std::string& why) {
    return unsupported("equation of an Einstein sum", text.substr(0, 40), why);
  };
  const std::size_t arrow = text.find("->");
  std::string left = text.substr(0, arrow);
  einsum_labels e;
  for (std::size_t at = 0; at <= left.size();) {
    const std::size_t end = std::min(left.find(',', at), left.size());
    e.in.push_back(left.substr(at, end - at));
    at = end + 1;
  }
  if (e.in.size() != shapes.size()) return refused("as many operands as are given");
  std::size_t most = 0;
  for (std::size_t k = 0; k < e.in.size(); ++k) {
    const bool dotted = e.in[k].find("...") != std::string::npos;
    const std::size_t named = e.in[k].size() - (dotted ? 3 : 0), rank = shapes[k].size();
    if (named > rank || rank - named > 7 || (!dotted && named != rank))
      return invalid("labels of an operand of an Einstein sum", e.in[k].substr(0, 40),
                     std::to_string(rank) + " axes");
    most = std::max(most, rank - named);
    if (!spell_out(e.in[k], rank - named)) return refused("letters, ',', '...' and '->'");
  }
  if (arrow != std::string::npos) {
    e.out = text.substr(arrow + 2);
    if (!spell_out(e.out, most)) return refused("letters, ',', '...' and '->'");
  } else {  // labels that stand once, in the order of the alphabet
    std::map<char, int> count;
    for (const std::string& labels : e.in)
      for (const char ch : labels) ++count[ch];
    bool small = false, large = false;
    for (std::size_t i = most; i-- > 0;) e.out += static_cast<char>('0' + i);
    for (const auto& [ch, n] : count) {
      small |= ch >= 'a', large |= ch >= 'A' && ch <= 'Z';
      if (n == 1 && ch >= 'A') e.out += ch;
    }
    if (small && large) return refused("a written-out result where letters are of both cases");
  }
  std::string sorted = e.out;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    return invalid("result of an Einstein sum", e.out.substr(0, 40));
  return e;
}
inline bool has_label(const std::string& labels, char ch) {
  return labels.find(ch) != std::string::npos;
}
/// Takes the diagonals of labels that stand several times in an operand.
inline status take_diagonals(einsum_labels& e, std::vector<std::vector<std::int64_t>>& shapes,
                             std::vector<einsum_diagonal>& to) {
  for (std::size_t k = 0; k < e.in.size(); ++k)
    for (std::size_t p = 0; p < e.in[k].size();) {
      const char ch = e.in[k][p];
      const std::size_t q = e.in[k].find(ch, p + 1);
      if (q == std::string::npos) {
        ++p;
        continue;
      }
      auto& size = shapes[k];
      if (size[p] != size[q])
        return invalid("extents of one label of an Einstein sum",
                       std::to_string(size[p]) + ", " + std::to_string(size[q]), "the same twice");
      to.push_back({k, {static_cast<std::int64_t>(p), static_cast<std::int64_t>(q)}});
      size.push_back(size[p]);
      e.in[k] += ch;
      for (const std::size_t at : {q, p}) {
        e.in[k].erase(at, 1);
        size.erase(size.begin() + static_cast<std::ptrdiff_t>(at));
      }
    }
  return unit{};
}
/// Sums over what `keep` does not hold; the labels that stay.
inline std::string summed_labels(const std::string& labels, const std::string& keep,
                                 einsum_operand& to) {
  std::string stay;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (has_label(keep, labels[i]))
      stay += labels[i];
    else
      to.sum.push_back(static_cast<std::int64_t>(i));
  return stay;
}
inline std::vector<std::int64_t> places_of(const std::string& labels, const std::string& in) {
  std::vector<std::int64_t> to;
  for (const char ch : labels) to.push_back(static_cast<std::int64_t>(in.find(ch)));
  return to;
}

}  // namespace detail

/// Operands of these extents. An error where the equation is none.
inline result<einsum_plan> plan_einsum(const std::string& equation,
                                       std::vector<std::vector<std::int64_t>> shapes) {
  using detail::has_label;
  auto e = detail::read_einsum(equation, shapes);
  if (!e) return e.error();
  einsum_plan plan;
  if (auto s = detail::take_diagonals(*e, shapes, plan.diagonals); !s) return s.error();
  std::map<char, std::int64_t> extent;
  for (std::size_t k = 0; k < shapes.size(); ++k)
    for (std::size_t i = 0; i < shapes[k].size(); ++i)
      if (const auto [it, fresh] = extent.emplace(e->in[k][i], shapes[k][i]);
          !fresh && it->second != shapes[k][i])
        return unsupported("extents of one label of an Einstein sum",
                           std::to_string(it->second) + ", " + std::to_string(shapes[k][i]),
                           "the same in every operand");
  for (const char ch : e->out)
    if (!extent.contains(ch))
      return invalid("result of an Einstein sum", e->out.substr(0, 40), "labels of the operands");
  if (e->in.size() == 1) {
    const std::string stay = detail::summed_labels(e->in[0], e->out, plan.alone);
    plan.alone.order = detail::places_of(e->out, stay);
    return plan;
  }
  std::string have = e->in[0];
  for (std::size_t k = 1; k < e->in.size(); ++k) {
    einsum_product p;
    std::string later = e->out;
    for (std::size_t i = k + 1; i < e->in.size(); ++i) later += e->in[i];
    const std::string l = detail::summed_labels(have, later + e->in[k], p.left),
                      r = detail::summed_labels(e->in[k], later + have, p.right);
    std::string batch, rows, columns, inner;
    for (const char ch : l) (!has_label(r, ch) ? rows : has_label(later, ch) ? batch : inner) += ch;
    for (const char ch : r)
      if (!has_label(l, ch)) columns += ch;
    const auto arranged = [&](einsum_operand& to, const std::string& from, const std::string& first,
                              const std::string& second) {
      to.order = detail::places_of(batch + first + second, from);
      for (const char ch : batch) to.matrices.push_back(extent[ch]);
      for (const std::string* part : {&first, &second}) {
        std::int64_t n = 1;
        for (const char ch : *part) n *= extent[ch];
        to.matrices.push_back(n);
      }
    };
    arranged(p.left, l, rows, inner);
    arranged(p.right, r, inner, columns);
    have = batch + rows + columns;
    for (const char ch : have) p.extents.push_back(extent[ch]);
    const std::string wanted = k + 1 == e->in.size() ? e->out : have;
    p.order = detail::places_of(wanted, have);
    plan.products.push_back(std::move(p));
  }
  return plan;
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_COMMON_EINSUM_HPP_

OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

/// If, Loop, Scan.
inline void subgraphs_row(emitter& m, call& c) { m.check(m.run_subgraphs(c)); }

// ---- activations of floats ----

/// A value while a formula is written down; f32 in and out.
class formula {
 public:
  explicit formula(emitter& m) : m_(m) {}
  tensor_id operator()(const op_def& op, tensor_id x, attributes a = {}) const {
    return m_.made(op, {x}, dtype::f32, std::move(a));
  }
  tensor_id operator()(const op_def& op, tensor_id x, tensor_id y) const {
    return m_.made(op, {x, y}, dtype::f32);
  }
  tensor_id operator()(const op_def& op, tensor_id x, float y) const {
    return m_.made(op, {x, m_.to.scalar_constant(y)}, dtype::f32);
  }
  tensor_id choice(const op_def& condition, tensor_id x, float bound, tensor_id yes,
                   tensor_id no) const {
    const tensor_id which = m_.made(condition, {x, m_.to.scalar_constant(bound)}, dtype::boolean);
    return m_.made(ops::select, {which, yes, no}, dtype::f32);
  }

 private:
  emitter& m_;
};
inline attributes alpha_of(float alpha) {
  attributes a;
  a.set("alpha", static_cast<double>(alpha));
  return a;
}
/// One of the activations that are formulas, by the node's name.
inline void activation_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  const formula f(m);
  const bool inner = inner_by_fours(m, c.in[0]);
  const tensor_id x = m.held(c.in[0], inner);
  tensor_id y = no_tensor;
  if (c.n.op == "Softplus") {
    y = f(ops::softplus, x);
  } else if (c.n.op == "Softsign") {
    const tensor_id size = f(ops::add, f(ops::abs, x), 1.f);
    y = f(ops::mul, f(ops::div, m.to.scalar_constant(1.f), size), x);
  } else if (c.n.op == "Mish") {
    y = f(ops::mul, x, f(ops::tanh, f(ops::softplus, x)));
  } else if (c.n.op == "Selu") {
    const float alpha = m.real(c, "alpha", 1.67326319217681884765625f),
                gamma = m.real(c, "gamma", 1.05070102214813232421875f);
    // Of -0 and 0 alpha gamma (exp(x) - 1) is 0.
    const tensor_id low = f(ops::add, f(ops::elu, x, alpha_of(numerics::mul(alpha, gamma))), 0.f);
    y = f.choice(ops::greater, x, 0.f, f(ops::mul, x, gamma), low);
  } else if (c.n.op == "Celu") {
    const float alpha = m.real(c, "alpha", 1.f);
    if (!(alpha > 0)) return m.refuse("alpha of Celu", std::to_string(alpha), "above 0");
    const tensor_id low = f(ops::mul, f(ops::elu, f(ops::div, x, alpha), alpha_of(1.f)), alpha);
    y = f.choice(ops::greater, x, 0.f, x, f(ops::add, low, 0.f));
  } else {  // ThresholdedRelu
    const tensor_id none = m.to.scalar_constant(0.f);
    y = f.choice(ops::greater, x, m.real(c, "alpha", 1.f), x, none);
  }
  m.give(c, y, inner);
}
/// x, slope that broadcasts to x.
inline void prelu_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2) || !m.is_real(c.in[0])) return;
  const value below = combined(m, c, ops::mul, c.in[0], c.in[1]);
  if (m.failed()) return;
  const bool inner = m.common_layout({c.in[0], below});
  const tensor_id x = m.held(c.in[0], inner);
  const formula f(m);
  m.give(c, f.choice(ops::less, x, 0.f, m.held(below, inner), x), inner);
}
inline void is_nan_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  const tensor_id x = m.held(c.in[0]);
  m.give(c, m.made(ops::not_equal, {x, x}, dtype::boolean), c.in[0].channels_inner);
}
/// Infinite, with the signs that are asked for.
inline void is_inf_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  const bool above = m.integer(c, "detect_positive", 1) != 0,
             below = m.integer(c, "detect_negative", 1) != 0;
  const formula f(m);
  tensor_id x = m.held(c.in[0]);
  if (above && below) x = f(ops::abs, x);
  float bound = std::numeric_limits<float>::infinity();
  if (!above) bound = below ? -bound : std::numeric_limits<float>::quiet_NaN();
  m.give(c, m.made(ops::equal, {x, m.to.scalar_constant(bound)}, dtype::boolean),
         c.in[0].channels_inner);
}
/// Integers: the sign of the divisor, unless fmod asks for that of the dividend.
inline void mod_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2)) return;
  binary_row<ops::floor_mod>(m, c);
  if (m.failed() || m.integer(c, "fmod", 0) == 0) return;
  const dtype t = m.type(c.in[0]);
  if (t != dtype::s32 && t != dtype::s64)
    return m.refuse("fmod of " + std::string(name_of(t)), "1", "0, or int32, int64");
  const auto zero = [&] {
    return value::of(t == dtype::s64 ? m.to.scalar_constant(std::int64_t{0})
                                     : m.to.scalar_constant(std::int32_t{0}));
  };
  const auto of = [&](const op_def& op, const value& a, const value& b, dtype result) {
    call pair{c.n, {a, b}};
    if (!m.failed()) binary(m, pair, op, result);
    return m.failed() ? value{} : pair.out[0];
  };
  // Where a remainder is not 0 and the signs differ, it is one divisor too far.
  const value rest = c.out[0], none = zero();
  const value signs = of(ops::not_equal, of(ops::less, c.in[0], none, dtype::boolean),
                         of(ops::less, c.in[1], none, dtype::boolean), dtype::boolean);
  const value far =
      of(ops::logical_and, signs, of(ops::not_equal, rest, none, dtype::boolean), dtype::boolean);
  call choice{c.n, {far, of(ops::sub, rest, c.in[1], t), rest}};
  if (m.failed()) return;
  where_row(m, choice);
  if (!m.failed()) c.out = std::move(choice.out);
}

// ---- norms ----

/// Sums [rows, 1] of squares [rows, size], as Eigen adds what it computes on the way: whole vectors
/// of four from the first element on, then the elements that are left.
inline tensor_id sums_of_rows(emitter& m, tensor_id squares) {
  const formula f(m);
  if (m.failed()) return no_tensor;
  const std::int32_t size = m.tensor_of(squares).shape[1], whole = size / 4 * 4;
  if (whole == size) return f(ops::sum, squares, reduction({1}));
  if (whole == 0) return f(ops::sum, squares, reduction_in_order({1}));
  tensor_id sum = f(ops::sum, part_of_axis(m, squares, 1, 0, whole), reduction({1}));
  for (std::int32_t k = whole; k < size; ++k)
    sum = f(ops::add, sum, part_of_axis(m, squares, 1, k, 1));
  return sum;
}
/// Over the axes behind the channels: x, scale, bias, one of each a channel. x times
/// f = f32(f32(1 / root) scale), plus f32(bias - f32(mean f)).
inline void instance_normalization_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 3) || !m.is_real(c.in[0])) return;
  const dims in = m.shape(c.in[0]);
  if (in.rank < 3) return m.broken("rank", std::to_string(in.rank), "3 or more");
  const std::int32_t channels = in[1];
  std::int64_t rows = std::int64_t{in[0]} * channels, size = 1;
  for (int i = 2; i < in.rank; ++i) size *= in[i];
  if (rows < 1 || size < 1) return m.refuse("InstanceNormalization of nothing", to_string(in));
  for (std::size_t k = 1; k < 3; ++k)
    if (!m.is_real(c.in[k]) || !(m.shape(c.in[k]) == dims{channels}))
      return m.broken("shape of a parameter of InstanceNormalization", to_string(m.shape(c.in[k])),
                      to_string(dims{channels}));
  const formula f(m);
  const dims by_row{static_cast<std::int32_t>(rows), static_cast<std::int32_t>(size)},
      by_channel{in[0], channels, 1};
  const auto parameter = [&](std::size_t k) {
    return m.reshaped(m.held(c.in[k], false), dims{channels, 1});
  };
  const tensor_id x = m.reshaped(m.held(c.in[0], false), by_row),
                  mean = f(ops::mean, x, reduction({1})),
                  squares = f(ops::square, f(ops::sub, x, mean)),
                  variance = f(ops::div, sums_of_rows(m, squares), static_cast<float>(size)),
                  root = f(ops::sqrt, f(ops::add, variance, m.real(c, "epsilon", 1e-5f))),
                  inverse = m.reshaped(f(ops::div, m.to.scalar_constant(1.f), root), by_channel),
                  factor = f(ops::mul, inverse, parameter(1)),
                  shift =
                      f(ops::sub, parameter(2), f(ops::mul, m.reshaped(mean, by_channel), factor)),
                  y = f(ops::add, f(ops::mul, m.reshaped(x, {in[0], channels, by_row[1]}), factor),
                        shift);
  m.give(c, m.reshaped(y, in), false);
}
/// Over groups of channels: x, scale, bias, one of each a channel (opset 18: a group). The variance
/// is the mean of the squares less the mean's square, as in ONNX's own definition.
inline void group_normalization_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 3) || !m.is_real(c.in[0])) return;
  const dims x = m.shape(c.in[0]);
  const std::int64_t groups = m.integer(c, "num_groups", 0);
  if (x.rank < 3 || groups < 1 || groups > x[1] || x[1] % groups != 0)
    return m.broken("attribute num_groups", std::to_string(groups), "a divisor of the channels");
  dims in{x[0], static_cast<std::int32_t>(groups), x[1] / static_cast<std::int32_t>(groups)};
  std::int64_t pixels = 1;
  for (int i = 2; i < x.rank; ++i) pixels *= x[i];
  in.push_back(static_cast<std::int32_t>(pixels));
  if (in.elements().value == 0) return m.refuse("GroupNormalization of nothing", to_string(x));
  const formula f(m);
  const tensor_id t = m.reshaped(m.held(c.in[0], false),
                                 {x[0], in[1], joined_extent(m, in[2], in[3])}),
                  mean = f(ops::mean, t, reduction({2})),
                  squares = f(ops::mean, f(ops::square, t), reduction({2})),
                  variance = f(ops::sub, squares, f(ops::square, mean)),
                  root = f(ops::sqrt, f(ops::add, variance, m.real(c, "epsilon", 1e-5f)));
  value y = value::of(m.reshaped(f(ops::div, f(ops::sub, t, mean), root), in));
  for (std::size_t k = 1; k < 3 && !m.failed(); ++k) {
    const dims s = m.shape(c.in[k]);
    const bool of_groups = s == dims{in[1]} && m.opset < 21;
    if (!of_groups && !(s == dims{x[1]}))
      return m.broken("shape of a parameter of GroupNormalization", to_string(s));
    const tensor_id p =
        m.reshaped(m.held(c.in[k], false), of_groups ? dims{in[1], 1, 1} : dims{in[1], in[2], 1});
    if (!m.failed()) y = combined(m, c, k == 1 ? ops::mul : ops::add, y, value::of(p));
  }
  if (!m.failed()) m.give(c, m.reshaped(m.held(y, false), x), false);
}
/// Along the channels of images, which stand last in octet.
inline void local_response_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  const std::int64_t size = m.integer(c, "size", 0);
  const dims s = m.shape(c.in[0]);
  if (s.rank < 3) return m.broken("rank of LRN's input", std::to_string(s.rank), "3 or more");
  if (size < 1 || size > 1 << 20 || size % 2 == 0)
    return m.broken("size of LRN", std::to_string(size), "an odd number");
  local_response_attrs a;
  a.radius = static_cast<std::int32_t>(size / 2);
  a.bias = static_cast<double>(m.real(c, "bias", 1.f));
  a.beta = static_cast<double>(m.real(c, "beta", 0.75f));
  a.alpha = static_cast<double>(numerics::div(m.real(c, "alpha", 1e-4f), static_cast<float>(size)));
  m.give(c,
         m.made(ops::local_response_normalization, {m.held(c.in[0], true)}, dtype::f32,
                to_attributes(a)),
         true);
}
/// x by the length of its vectors along an axis.
inline void lp_normalization_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1) || !m.is_real(c.in[0])) return;
  const std::int64_t p = m.integer(c, "p", 2);
  if (p != 1 && p != 2) return m.refuse("p of LpNormalization", std::to_string(p), "1, 2");
  const tensor_id x = m.held(c.in[0]);
  const int axis = m.axis(m.integer(c, "axis", -1), m.rank(c.in[0]));
  if (m.failed()) return;
  const formula f(m);
  tensor_id length = f(ops::sum, f(p == 1 ? ops::abs : ops::square, x),
                       reduction_in_order({m.axis_of(c.in[0], axis)}));
  if (p == 2) length = f(ops::sqrt, length);
  length = f.choice(ops::greater, length, 0.f, length, m.to.scalar_constant(1.f));
  m.give(c, f(ops::div, x, length), c.in[0].channels_inner);
}
/// ReduceL1, ReduceL2, ReduceSumSquare, ReduceLogSum, ReduceLogSumExp: a function, a sum, a
/// function. ReduceLogSumExp takes the largest element off first.
inline void reduce_function_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 2) || !m.is_real(c.in[0])) return;
  const std::string& op = c.n.op;
  const formula f(m);
  const value& x = c.in[0];
  node keeping = c.n;
  keeping.attributes["keepdims"].integer = 1;
  const auto reduced = [&](const value& v, bool largest) {
    call inner{largest ? keeping : c.n, {v}};
    if (c.has(1)) inner.in.push_back(c.in[1]);
    reduce_by(m, inner, largest ? ops::reduce_max : ops::sum, 18, true);
    return m.failed() ? value{} : inner.out[0];
  };
  value y = x;
  if (op == "ReduceL1" || op == "ReduceL2" || op == "ReduceSumSquare")
    y = value::of(f(op == "ReduceL1" ? ops::abs : ops::square, m.held(x)), x.channels_inner);
  if (op == "ReduceLogSumExp") {
    // The same reduction with and without the axes that go.
    const tensor_id flat = m.held(x, false);
    if (m.failed()) return;
    const value most = reduced(value::of(flat), true);
    if (m.failed()) return;
    y = value::of(f(ops::exp, f(ops::sub, flat, m.held(most, false))));
    const value sum = reduced(y, false);
    if (m.failed()) return;
    const tensor_id largest = m.reshaped(m.held(most, false), m.shape(sum));
    return m.give(c, f(ops::add, f(ops::log, m.held(sum, false)), largest), false);
  }
  y = m.failed() ? value{} : reduced(y, false);
  if (m.failed()) return;
  if (op == "ReduceL2" || op == "ReduceLogSum")
    y = value::of(f(op == "ReduceL2" ? ops::sqrt : ops::log, m.held(y)), y.channels_inner);
  if (!m.failed()) c.out = {y};
}

// ---- products ----

inline tensor_id turned_axes(emitter& m, tensor_id x, const std::vector<std::int64_t>& order) {
  if (m.failed() || std::is_sorted(order.begin(), order.end())) return m.failed() ? no_tensor : x;
  attributes a;
  a.set("perm", order);
  return m.moved(ops::transpose, x, std::move(a));
}
inline tensor_id reshaped_to(emitter& m, tensor_id x, const std::vector<std::int64_t>& extents) {
  if (m.failed()) return no_tensor;
  dims s;
  if (extents.size() > dims::max_rank) {
    m.refuse("rank of an Einstein sum", std::to_string(extents.size()), "at most 8");
    return no_tensor;
  }
  for (const std::int64_t e : extents) {
    if (e > INT32_MAX) m.fail(import::too_large("extent of an Einstein sum"));
    s.push_back(static_cast<std::int32_t>(e));
  }
  return m.failed() ? no_tensor : m.reshaped(x, s);
}

/// MatMul of operands that may be transposed, its sums times alpha.
inline void fused_matmul_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2) || !m.is_real(c.in[0]) || !m.is_real(c.in[1])) return;
  for (const char* key : {"transBatchA", "transBatchB"})
    if (m.integer(c, key, 0) != 0) return m.refuse(key, "1", "0");
  const auto turned = [&](std::size_t i, const char* key) {
    return m.integer(c, key, 0) != 0 && m.rank(c.in[i]) >= 2;
  };
  const auto operand = [&](std::size_t i, bool turn) {
    if (!turn) return c.in[i];
    const tensor_id t = transposed(m, m.held(c.in[i], false));
    return m.failed() ? value{} : value::of(t);
  };
  const bool a = turned(0, "transA"), b = turned(1, "transB");
  call product{c.n, {operand(0, a), operand(1, b)}};
  if (m.failed()) return;
  scaled_matmul(m, product, m.real(c, "alpha", 1.f), a, b);
  if (!m.failed()) c.out = std::move(product.out);
}

inline tensor_id einsum_operand_of(emitter& m, tensor_id x, const import::einsum_operand& o) {
  if (!o.sum.empty()) x = m.made(ops::sum, {x}, dtype::f32, reduction(o.sum, false));
  x = turned_axes(m, x, o.order);
  return o.matrices.empty() ? x : reshaped_to(m, x, o.matrices);
}
/// The diagonal of two axes of one extent, as last axis.
inline tensor_id diagonal_of(emitter& m, tensor_id x, const std::array<std::int64_t, 2>& axes) {
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(x).shape;
  const std::int32_t n = s[static_cast<int>(axes[0])];
  std::vector<std::int64_t> order, size, index;
  for (std::int64_t i = 0; i < s.rank; ++i)
    if (i != axes[0] && i != axes[1]) order.push_back(i), size.push_back(s[static_cast<int>(i)]);
  order.insert(order.end(), axes.begin(), axes.end());
  size.push_back(std::int64_t{n} * n);
  if (!m.check(verify_size(dims{n}, dtype::s64, m.to.max, "places"))) return no_tensor;
  for (std::int64_t i = 0; i < n; ++i) index.push_back(i * (n + 1));
  attributes last;
  last.set("axis", static_cast<std::int64_t>(size.size()) - 1);
  return m.made(
      ops::gather,
      {reshaped_to(m, turned_axes(m, x, order), size), m.new_constant("", dims{n}, index)},
      dtype::f32, std::move(last));
}
/// Any number of operands, multiplied from the first to the last.
inline void einsum_row(emitter& m, call& c) {
  if (!m.arity(c, 1, c.in.size())) return;
  std::vector<tensor_id> in;
  std::vector<std::vector<std::int64_t>> shapes;
  for (const value& v : c.in) {
    if (!m.is_real(v)) return;
    in.push_back(m.held(v, false));
    const dims s = m.shape(v);
    shapes.emplace_back(s.begin(), s.end());
  }
  const std::string equation = m.text(c, "equation", "");
  if (m.failed()) return;
  const auto plan = import::plan_einsum(equation, shapes);
  if (!plan) return m.fail(plan.error());
  for (const import::einsum_diagonal& d : plan->diagonals)
    in[d.operand] = diagonal_of(m, in[d.operand], d.axes);
  tensor_id y = in[0];
  if (in.size() == 1) y = einsum_operand_of(m, y, plan->alone);
  for (std::size_t k = 1; k < in.size(); ++k) {
    const import::einsum_product& p = plan->products[k - 1];
    const tensor_id left = einsum_operand_of(m, y, p.left),
                    right = einsum_operand_of(m, in[k], p.right);
    y = m.made(ops::batch_matmul, {left, right}, dtype::f32);
    y = turned_axes(m, reshaped_to(m, y, p.extents), p.order);
  }
  m.give(c, y, false);
}

// ---- elements by index ----

/// Indices of the first `count` axes stand in front of those given.
inline tensor_id with_batches(emitter& m, tensor_id index, const dims& x, std::int64_t count) {
  if (m.failed()) return no_tensor;
  dims s = m.tensor_of(index).shape;
  bool fits = count < s.rank && count < x.rank;
  for (int i = 0; fits && i < count; ++i) fits = s[i] == x[i];
  if (!fits || count < 0) {
    m.broken("batch_dims of GatherND", std::to_string(count), "axes that both inputs have");
    return no_tensor;
  }
  s[s.rank - 1] = static_cast<std::int32_t>(count);
  if (!m.check(verify_size(s, dtype::s64, m.to.max, "indices"))) return no_tensor;
  std::vector<std::int64_t> list(s.elements().value);
  for (std::size_t k = 0; k < list.size(); ++k) {
    std::size_t at = k / as_size(count);
    for (int i = s.rank - 2; i >= 0; --i) {
      if (i == static_cast<int>(k % as_size(count)))
        list[k] = static_cast<std::int64_t>(at % as_size(s[i]));
      at /= as_size(s[i]);
    }
  }
  if (m.tensor_of(index).type != dtype::s64) index = m.made(ops::cast, {index}, dtype::s64);
  return joined_on(m, {m.new_constant("", s, list), index}, s.rank - 1);
}
inline void gather_nd_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2)) return;
  const tensor_id x = m.held(c.in[0], false);
  tensor_id index = m.held(c.in[1], false);
  if (const std::int64_t batches = m.integer(c, "batch_dims", 0); batches != 0 && !m.failed())
    index = with_batches(m, index, m.tensor_of(x).shape, batches);
  if (m.failed()) return;
  m.give(c, m.made(ops::gather_nd, {x, index}, m.type(c.in[0])), false);
}
/// x, indices [.., k], updates: rows or elements of x replaced. Where several go to one place,
/// which ONNX leaves open, the last one stays.
inline void scatter_nd_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 3)) return;
  if (const std::string how = m.text(c, "reduction", "none"); how != "none")
    return m.refuse("reduction of ScatterND", how, "none");
  const dims x = m.shape(c.in[0]), s = m.shape(c.in[1]);
  if (s.rank < 1 || s.back(0) > x.rank)
    return m.broken("shapes of ScatterND", to_string(x) + ", " + to_string(s));
  tensor_id index = m.held(c.in[1], false);
  const tensor_id from = m.held(c.in[0], false), updates = m.without_scales(m.held(c.in[2], false));
  if (m.failed()) return;
  // Places are counted from the end where they are negative.
  const std::vector<std::int64_t> extents(x.begin(), x.begin() + s.back(0));
  const tensor_id below = m.made(ops::less, {index, m.to.scalar_constant(std::int64_t{0})},
                                 dtype::boolean),
                  moved = m.made(ops::add, {index, m.to.constant(extents)}, dtype::s64);
  index = m.made(ops::select, {below, moved, index}, dtype::s64);
  const auto scattered = [&](tensor_id values, tensor_id rest, dtype t) {
    attributes a;
    a.set("shape", std::vector<std::int64_t>(x.begin(), x.end()));
    return m.made(ops::sparse_to_dense, {index, values, rest}, t, std::move(a));
  };
  const auto zero_of = [&](dtype t) {
    const std::array<std::byte, 8> none{};
    return m.new_constant("", t, dims{}, std::span(none).first(size_of(t)));
  };
  const dtype t = m.type(c.in[0]);
  const std::uint8_t yes = 1;
  const tensor_id truth =
                      m.new_constant("", dtype::boolean, dims{}, std::as_bytes(std::span(&yes, 1))),
                  there = scattered(truth, zero_of(dtype::boolean), dtype::boolean);
  m.give(c, m.chosen(there, scattered(updates, zero_of(t), t), from), false);
}
/// The first `lengths` elements along an axis the other way round, for each batch.
inline void reverse_sequence_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2)) return;
  const int rank = m.rank(c.in[0]);
  attributes a;
  a.set("axis", std::int64_t{m.axis(m.integer(c, "time_axis", 0), rank)});
  a.set("batch_axis", std::int64_t{m.axis(m.integer(c, "batch_axis", 1), rank)});
  m.give(c,
         m.made(ops::reverse_sequence, {m.held(c.in[0], false), m.held(c.in[1], false)},
                m.type(c.in[0]), std::move(a)),
         false);
}
/// y[i][j][k] = x[index[i][j][k]][j][k] for axis 0: positions in x as one list.
template <class T> void gather_elements(emitter& m, call& c) {
  const dims x = m.shape(c.in[0]), s = m.shape(c.in[1]);
  const int axis = m.axis(m.integer(c, "axis", 0), x.rank);
  if (m.failed()) return;
  if (s.rank != x.rank || x.elements().value > INT32_MAX)
    return m.broken("shapes of GatherElements", to_string(x) + ", " + to_string(s));
  for (int i = 0; i < x.rank; ++i)
    if (i != axis && s[i] > x[i])
      return m.broken("shape of the indices of GatherElements", to_string(s), to_string(x));
  const std::size_t count = s.elements().value;
  if (!m.check(verify_size(s, dtype_of<T>, m.to.max, "positions"))) return;
  std::vector<T> place(count, 0);
  std::int64_t stride = 1, step = 1;  // step: that of the axis
  std::size_t inner = 1;
  for (int i = x.rank; i-- > 0;) {
    const auto extent = as_size(s[i]);
    if (i == axis) step = stride;
    for (std::size_t k = 0; k < count && i != axis; ++k)
      place[k] += static_cast<T>(static_cast<std::int64_t>(k / inner % extent) * stride);
    inner *= extent, stride *= x[i];
  }
  const auto of = [&](std::int64_t v) { return m.to.scalar_constant(static_cast<T>(v)); };
  const auto number = [&](const op_def& op, tensor_id a, tensor_id b) {
    return m.made(op, {a, b}, dtype_of<T>);
  };
  tensor_id index = m.held(c.in[1], false);
  index = m.made(ops::select,
                 {m.made(ops::less, {index, of(0)}, dtype::boolean),
                  number(ops::add, index, of(x[axis])), index},
                 dtype_of<T>);
  index = number(ops::add, number(ops::mul, index, of(step)), m.new_constant("", s, place));
  attributes a;
  a.set("axis", std::int64_t{0});
  const tensor_id list =
      m.reshaped(m.held(c.in[0], false), dims{static_cast<std::int32_t>(x.elements().value)});
  if (m.failed()) return;
  m.give(c, m.made(ops::gather, {list, index}, m.type(c.in[0]), std::move(a)), false);
}
inline void gather_elements_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2)) return;
  if (m.type(c.in[1]) == dtype::s64) return gather_elements<std::int64_t>(m, c);
  if (m.type(c.in[1]) == dtype::s32) return gather_elements<std::int32_t>(m, c);
  m.broken("element type of indices", std::string(name_of(m.type(c.in[1]))), "int64, int32");
}
/// x, k (an attribute before opset 10): values and indices, the largest first.
inline void top_k_row(emitter& m, call& c) {
  if (!m.arity(c, m.opset < 10 ? 1 : 2, 2)) return;
  const bool smallest = m.integer(c, "largest", 1) == 0;  // the largest of -x
  if (smallest && !m.is_real(c.in[0])) return;
  if (m.integer(c, "sorted", 1) == 0) return m.refuse("sorted of TopK", "0", "1");
  std::int64_t k = m.integer(c, "k", 0);
  if (m.opset >= 10) {
    const auto list = m.constant_integers(c.in[1], "k of TopK");
    if (m.failed()) return;
    if (list.size() != 1) return m.broken("k of TopK");
    k = list[0];
  }
  const int rank = m.rank(c.in[0]), axis = m.axis(m.integer(c, "axis", -1), rank);
  if (m.failed()) return;
  std::vector<std::int64_t> swap;
  for (int i = 0; i < rank; ++i) swap.push_back(i == axis ? rank - 1 : i == rank - 1 ? axis : i);
  const auto swapped = [&](tensor_id t) {
    if (axis == rank - 1 || m.failed()) return t;
    attributes a;
    a.set("perm", swap);
    return m.moved(ops::transpose, t, std::move(a));
  };
  const auto turned = [&](tensor_id t) { return smallest ? m.made(ops::neg, {t}, dtype::f32) : t; };
  const tensor_id x = turned(swapped(m.held(c.in[0], false)));
  if (m.failed()) return;
  const tensor_id y = m.to.like(x), index = m.to.temporary("", dtype::s64);
  attributes a;
  a.set("k", k);
  m.emit(ops::topk, {x}, {y, index}, std::move(a));
  const tensor_id values = swapped(turned(y)), places = swapped(index);
  if (!m.failed()) c.out = {value::of(values), value::of(places)};
}
/// indices, depth, [off, on].
inline void one_hot_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 3)) return;
  std::vector<std::int64_t> depth;
  if (m.type(c.in[1]) == dtype::f32)
    depth.push_back(static_cast<std::int64_t>(
        std::clamp(m.constant_float(c.in[1], "depth of OneHot"), -1.f, 0x1p31f)));
  else
    depth = m.constant_integers(c.in[1], "depth of OneHot");
  if (m.failed()) return;
  if (depth.size() != 1 || depth[0] < 1 || depth[0] > INT32_MAX) return m.broken("depth of OneHot");
  const dims s = m.shape(c.in[2]);
  if (!(s == dims{2})) return m.broken("values of OneHot", to_string(s), "[2]");
  const dtype t = m.type(c.in[0]);
  if (t != dtype::s64 && t != dtype::s32)
    return m.refuse("element type of OneHot's indices", std::string(name_of(t)), "int64, int32");
  tensor_id index = m.held(c.in[0], false);
  if (m.failed()) return;
  const auto of = [&](std::int64_t v) {
    return t == dtype::s64 ? m.to.scalar_constant(v)
                           : m.to.scalar_constant(static_cast<std::int32_t>(v));
  };
  index = m.made(ops::select,
                 {m.made(ops::less, {index, of(0)}, dtype::boolean),
                  m.made(ops::add, {index, of(depth[0])}, t), index},
                 t);
  const tensor_id both = m.held(c.in[2], false);
  const auto one = [&](std::int64_t at) {
    return m.reshaped(part_of_axis(m, both, 0, at, 1), dims{});
  };
  attributes a;
  a.set("depth", depth[0]), a.set("axis", m.integer(c, "axis", -1));
  m.give(c, m.made(ops::one_hot, {index, one(1), one(0)}, m.type(c.in[2]), std::move(a)), false);
}
/// Ones on a diagonal, in the shape of the input.
inline void eye_like_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const dims s = m.shape(c.in[0]);
  if (s.rank != 2) return m.broken("rank of EyeLike's input", std::to_string(s.rank), "2");
  result<dtype> t = m.type(c.in[0]);
  if (c.n.find("dtype"))
    t = element_type(m.integer(c, "dtype", data_type_code("FLOAT")), "EyeLike's result");
  if (!t) return m.fail(t.error());
  const std::int64_t k = m.integer(c, "k", 0);
  if (!m.check(verify_size(s, dtype::f32, m.to.max, "EyeLike"))) return;
  std::vector<float> list;
  for (std::int64_t row = 0; row < s[0]; ++row)
    for (std::int64_t column = 0; column < s[1]; ++column)
      list.push_back(column - row == k ? 1.f : 0.f);
  const tensor_id y = m.new_constant("", s, list);
  m.give(c, *t == dtype::f32 ? y : m.made(ops::cast, {y}, *t), false);
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_FUNCTIONS_HPP_
// ---- octet/import/onnx/rows_group_attention.hpp
// Attention whose queries share heads of keys and values, and rotary embeddings, as ONNX Runtime's
// contributed operators have them.
#ifndef OCTET_IMPORT_ONNX_ROWS_GROUP_ATTENTION_HPP_
#define OCTET_IMPORT_ONNX_ROWS_GROUP_ATTENTION_HPP_


OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

// ---- rotary embeddings ----

inline constexpr std::int32_t most_turned = 1 << 20;  // pairs of a head
/// How pairs of a head's elements turn: of its first `size` elements, i and i + size / 2, or
/// (interleaved) neighbours, by the angles of their place.
struct rotary {
  tensor_id cos = no_tensor, sin = no_tensor;  // [1 or batch, steps, size / 2]
  std::int32_t size = 0;
  bool interleaved = false;
};
/// x [batch, steps, heads, size]: (a cos - b sin, a sin + b cos) of each pair (a, b). As products
/// of 2 x 2 matrices with one column for each head, since ONNX Runtime rounds the second product,
/// then the fused sum with the first: a chain of b's product, then a's.
inline tensor_id turned_by(emitter& m, tensor_id x, const rotary& r) {
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(x).shape;
  const std::int32_t half = r.size / 2;
  const auto place = [&](std::int32_t pair, std::int32_t of) {
    return r.interleaved ? 2 * pair + of : pair + of * half;
  };
  std::vector<std::int32_t> order(as_size(r.size)), back(as_size(r.size));
  for (std::int32_t i = 0; i < half; ++i)
    for (std::int32_t of = 0; of < 2; ++of) {
      order[as_size(2 * i + of)] = place(i, 1 - of);
      back[as_size(place(i, of))] = 2 * i + of;
    }
  const tensor_id pairs = turned(
      m, m.reshaped(picked(m, x, 3, order), dims{s[0], s[1], s[2], half, 2}), {0, 1, 3, 4, 2});
  const dims angles = m.tensor_of(r.cos).shape;
  const auto column = [&](tensor_id t) { return m.reshaped(t, dims{angles[0], s[1], half, 1}); };
  const tensor_id cos = column(r.cos), sin = column(r.sin);
  const tensor_id matrices =
      m.reshaped(joined_on(m, {m.made(ops::neg, {sin}, dtype::f32), cos, cos, sin}, 3),
                 dims{angles[0], s[1], half, 2, 2});
  const tensor_id y = m.made(ops::batch_matmul, {matrices, pairs}, dtype::f32);
  tensor_id heads = turned(
      m, m.failed() ? no_tensor : m.reshaped(y, dims{s[0], s[1], r.size, s[2]}), {0, 1, 3, 2});
  if (!r.interleaved) heads = picked(m, heads, 3, back);
  if (r.size == s[3]) return heads;
  return joined_on(m, {heads, part_of_axis(m, x, 3, r.size, s[3] - r.size)}, 3);
}
/// The rows of a table [places, size / 2] at positions [1 or batch, steps].
inline void look_up_angles(emitter& m, rotary& r, const value& cos, const value& sin,
                           tensor_id positions) {
  const dims a = m.shape(cos), b = m.shape(sin);
  if (!m.failed() && (a.rank != 2 || !(a == b) || a[1] < 1 || a[1] > most_turned))
    m.broken("shapes of the tables of cosines and sines", to_string(a) + ", " + to_string(b),
             "[places, half of what is turned]");
  if (m.failed() || !m.is_real(cos) || !m.is_real(sin)) return;
  r.size = 2 * a[1];
  r.cos = rows_of(m, m.held(cos, false), positions);
  r.sin = rows_of(m, m.held(sin, false), positions);
}
/// x [batch, steps, heads * size] or [batch, heads, steps, size], as [batch, steps, heads, size];
/// `heads` where the file says how many there are.
inline tensor_id steps_of_heads(emitter& m, const value& x, std::int64_t heads, std::int32_t size) {
  const dims s = m.shape(x);
  if (m.failed() || !m.is_real(x)) return no_tensor;
  if (s.rank == 4) return turned(m, m.held(x, false), {0, 2, 1, 3});
  if (s.rank == 3 && heads < 1 && size > 0 && s[2] % size == 0) heads = s[2] / size;
  if (s.rank != 3 || heads < 1 || heads > s[2] || s[2] % heads != 0) {
    m.broken("shape of what is turned", to_string(s),
             "[batch, steps, heads * size], [batch, heads, steps, size]");
    return no_tensor;
  }
  const auto count = static_cast<std::int32_t>(heads);
  return m.reshaped(m.held(x, false), dims{s[0], s[1], count, s[2] / count});
}
/// How many elements of a head a table of angles turns; 0 where it is none.
inline std::int32_t turned_size(const emitter& m, const value& table) {
  const dims s = m.shape(table);
  return s.rank < 2 || s.back(0) < 0 || s.back(0) > most_turned ? 0 : 2 * s.back(0);
}
/// x turned by r, in x's shape.
inline void give_turned(emitter& m, call& c, tensor_id x, const rotary& r) {
  if (m.failed()) return;
  const dims s = m.tensor_of(x).shape, angles = m.tensor_of(r.cos).shape;
  if (r.size > s[3] || angles.rank != 3 || angles[1] != s[1] ||
      (angles[0] != s[0] && angles[0] != 1))
    return m.broken("shape of positions", to_string(angles), to_string(s));
  const tensor_id y = turned_by(m, x, r);
  if (m.failed()) return;
  m.give(c, m.rank(c.in[0]) == 4 ? turned(m, y, {0, 2, 1, 3}) : m.reshaped(y, m.shape(c.in[0])),
         false);
}
/// x, positions (the first one, or [batch, steps]), cosines, sines.
inline void rotary_row(emitter& m, call& c) {
  if (!m.arity(c, 4, 4)) return;
  if (m.real(c, "scale", 1.f) != 1.f) m.refuse("scale of RotaryEmbedding");
  if (m.integer(c, "is_packed_batching", 0) != 0) m.refuse("is_packed_batching");
  const std::int64_t part = m.integer(c, "rotary_embedding_dim", 0),
                     heads = m.integer(c, "num_heads", 0);
  const tensor_id x = steps_of_heads(m, c.in[0], heads, part > 0 ? 0 : turned_size(m, c.in[2]));
  const dims p = m.shape(c.in[1]);
  if (m.failed()) return;
  if (m.type(c.in[1]) != dtype::s64)
    return m.broken("element type of positions", std::string(name_of(m.type(c.in[1]))), "int64");
  tensor_id positions = m.held(c.in[1], false);
  const std::int32_t steps = m.tensor_of(x).shape[1];
  if (p.elements().value == 1 && p.rank < 2) {
    std::vector<std::int64_t> later;
    for (std::int32_t i = 0; i < steps; ++i) later.push_back(i);
    positions = m.made(
        ops::add, {m.reshaped(positions, dims{1, 1}), m.new_constant("", dims{1, steps}, later)},
        dtype::s64);
  }
  rotary r;
  r.interleaved = m.integer(c, "interleaved", 0) != 0;
  look_up_angles(m, r, c.in[2], c.in[3], positions);
  if (!m.failed() && part > 0 && r.size != part)
    return m.broken("rotary_embedding_dim", std::to_string(part), std::to_string(r.size));
  give_turned(m, c, x, r);
}
/// ai.onnx: x, cosines, sines, [positions]; without positions a row of angles for each step.
inline void onnx_rotary_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 4)) return;
  const std::int64_t part = m.integer(c, "rotary_embedding_dim", 0);
  const dims table = m.shape(c.in[1]);
  if (m.failed()) return;
  const tensor_id x = steps_of_heads(m, c.in[0], m.integer(c, "num_heads", 0),
                                     part > 0 ? 0 : turned_size(m, c.in[1]));
  rotary r;
  r.interleaved = m.integer(c, "interleaved", 0) != 0;
  if (c.has(3)) {
    look_up_angles(m, r, c.in[1], c.in[2], m.held(c.in[3], false));
  } else if (table.rank != 3 || !(table == m.shape(c.in[2])) || turned_size(m, c.in[1]) == 0 ||
             !m.is_real(c.in[1]) || !m.is_real(c.in[2])) {
    return m.broken("shape of cosines", to_string(table), "[batch, steps, half]");
  } else {
    r.size = 2 * table[2], r.cos = m.held(c.in[1], false), r.sin = m.held(c.in[2], false);
  }
  if (!m.failed() && part > 0 && r.size != part)
    return m.broken("rotary_embedding_dim", std::to_string(part), std::to_string(r.size));
  give_turned(m, c, x, r);
}

// ---- GroupQueryAttention ----

/// What its inputs say. A sequence has `earlier` keys and values that are known already and `steps`
/// new ones; buffers have room for `room`.
struct group_attention {
  std::int32_t batch = 0, steps = 0, heads = 0, groups = 0, size = 0, known = 0, room = 0;
  bool first = false;                                     // no keys are known yet
  tensor_id lengths = no_tensor;                          // [batch]: the last key's place, int32
  tensor_id earlier = no_tensor;                          // [batch], where not `first`
  tensor_id q = no_tensor, k = no_tensor, v = no_tensor;  // [batch, steps, heads or groups, size]
};
inline tensor_id plus(emitter& m, tensor_id x, std::int32_t by) {
  return by == 0 ? x : m.made(ops::add, {x, m.to.scalar_constant(by)}, dtype::s32);
}
/// One number for each sequence, to meet keys or rows.
inline tensor_id by_sequence(emitter& m, const group_attention& a, tensor_id x, int rank) {
  dims s{a.batch};
  for (int i = 1; i < rank; ++i) s.push_back(1);
  return m.reshaped(x, s);
}
/// The keys or values that are known afterwards, [batch, groups, room, size]: those of before, then
/// the new ones, then 0.
inline tensor_id known_afterwards(emitter& m, const group_attention& a, const value& past,
                                  tensor_id now) {
  tensor_id fresh = turned(m, now, {0, 2, 1, 3});
  if (a.first) {
    if (a.room == a.steps) return fresh;
    return joined_on(m, {fresh, m.filled(dims{a.batch, a.groups, a.room - a.steps, a.size}, 0.f)},
                     2);
  }
  const tensor_id all = joined_on(m, {m.held(past, false), fresh}, 2);
  const tensor_id place = m.reshaped(numbered(m, a.room), dims{1, a.room}),
                  before = by_sequence(m, a, a.earlier, 2);
  const tensor_id old = m.made(ops::less, {place, before}, dtype::boolean);
  const tensor_id later = plus(m, m.made(ops::sub, {place, before}, dtype::s32), a.known);
  const tensor_id index = m.made(ops::select, {old, place, later}, dtype::s32);
  attributes at;
  at.set("axis", std::int64_t{2}), at.set("batch_dims", std::int64_t{1});
  if (m.failed()) return no_tensor;
  const tensor_id moved = m.made(ops::gather, {all, index}, dtype::f32, std::move(at));
  const tensor_id there = m.made(
      ops::less,
      {m.reshaped(place, dims{1, 1, a.room, 1}), plus(m, by_sequence(m, a, before, 4), a.steps)},
      dtype::boolean);
  return m.made(ops::select, {there, moved, m.to.scalar_constant(0.f)}, dtype::f32);
}
/// 0 where a query sees a key, else the lowest number: [batch, 1, 1, steps, room]. A query sees the
/// keys up to its own, `window` of them at most (negative: all).
inline tensor_id group_mask(emitter& m, const group_attention& a, std::int64_t window) {
  const tensor_id key = m.reshaped(numbered(m, a.room), dims{1, 1, 1, 1, a.room});
  tensor_id own = m.reshaped(numbered(m, a.steps), dims{1, 1, 1, a.steps, 1});
  if (!a.first) own = m.made(ops::add, {own, by_sequence(m, a, a.earlier, 5)}, dtype::s32);
  tensor_id seen = m.made(ops::less_equal, {key, own}, dtype::boolean);
  const auto also = [&](tensor_id t) {
    seen = m.made(ops::logical_and, {seen, t}, dtype::boolean);
  };
  if (window >= 0 && window < a.room)
    also(m.made(ops::greater, {key, plus(m, own, -static_cast<std::int32_t>(window))},
                dtype::boolean));
  if (a.first)
    also(m.made(ops::less_equal, {key, by_sequence(m, a, a.lengths, 5)}, dtype::boolean));
  return m.made(
      ops::select,
      {seen, m.to.scalar_constant(0.f), m.to.scalar_constant(std::numeric_limits<float>::lowest())},
      dtype::f32);
}
/// The mask with a bias [1 or batch, 1 or heads, steps, keys] added before it.
inline tensor_id with_bias(emitter& m, const group_attention& a, const value& bias,
                           tensor_id mask) {
  if (m.failed() || !bias.given()) return mask;
  const dims s = m.shape(bias);
  if (!m.is_real(bias)) return no_tensor;
  if (s.rank != 4 || s[2] != a.steps || s[3] != a.room || (s[1] != 1 && s[1] != a.heads)) {
    m.refuse("shape of an attention's bias", to_string(s),
             to_string(dims{a.batch, a.heads, a.steps, a.room}));
    return no_tensor;
  }
  const bool each = s[1] != 1;
  const tensor_id added =
      m.reshaped(m.held(bias, false),
                 dims{s[0], each ? a.groups : 1, each ? a.heads / a.groups : 1, s[2], s[3]});
  return m.made(ops::add, {added, mask}, dtype::f32);
}
/// Softmax of capped scores, each product by itself.
inline tensor_id attended_capped(emitter& m, const std::vector<tensor_id>& in, double alpha,
                                 float cap) {
  attributes product;
  product.set("adj_y", std::int64_t{1}), product.set("alpha", alpha);
  tensor_id s = m.made(ops::batch_matmul, {in[0], in[1]}, dtype::f32, std::move(product));
  s = m.made(ops::tanh, {m.made(ops::div, {s, m.to.scalar_constant(cap)}, dtype::f32)}, dtype::f32);
  s = m.made(ops::mul, {s, m.to.scalar_constant(cap)}, dtype::f32);
  s = m.made(ops::add, {s, in[3]}, dtype::f32);
  return m.made(ops::batch_matmul, {m.made(ops::softmax, {s}, dtype::f32, along(4)), in[2]},
                dtype::f32);
}
inline void refuse_group_attention(emitter& m, const call& c) {
  for (const char* key : {"smooth_softmax", "qk_output", "kv_cache_bit_width"})
    if (m.integer(c, key, 0) > 0) m.refuse(key, std::to_string(m.integer(c, key, 0)), "0");
  for (std::size_t i = 11; i < c.in.size(); ++i)
    if (c.has(i)) m.refuse("input " + std::to_string(i) + " of GroupQueryAttention");
  if (c.n.out.size() > 3 && !c.n.out[3].empty()) m.refuse("the scores as a result of attention");
}
/// Queries, keys and values: three inputs, or one that holds all of them.
inline void read_group_inputs(emitter& m, const call& c, group_attention& a) {
  const std::int64_t heads = m.integer(c, "num_heads", 0), groups = m.integer(c, "kv_num_heads", 0);
  const dims s = m.shape(c.in[0]);
  if (m.failed() || !m.is_real(c.in[0])) return;
  constexpr std::int64_t most = 1 << 20;
  if (s.rank != 3 || heads < 1 || groups < 1 || heads > s[2] || heads > most || heads % groups != 0)
    return m.broken("num_heads and kv_num_heads",
                    std::to_string(heads) + ", " + std::to_string(groups), to_string(s));
  a.batch = s[0], a.steps = s[1];
  a.heads = static_cast<std::int32_t>(heads), a.groups = static_cast<std::int32_t>(groups);
  const bool packed = !c.has(1);
  const std::int32_t all = packed ? a.heads + 2 * a.groups : a.heads;
  a.size = s[2] / all;
  if (s[2] % all != 0 || c.has(2) == packed)
    return m.broken("width of queries", std::to_string(s[2]), "heads of one size");
  const auto heads_in = [&](const value& v, std::int32_t count) {
    const dims wanted{a.batch, a.steps, count * a.size};
    if (!m.failed() && !(m.shape(v) == wanted))
      m.refuse("shape of keys and values", to_string(m.shape(v)), to_string(wanted));
    return m.failed() || !m.is_real(v)
               ? no_tensor
               : m.reshaped(m.held(v, false), dims{a.batch, a.steps, count, a.size});
  };
  if (packed) {
    const tensor_id x = heads_in(c.in[0], all);
    a.q = part_of_axis(m, x, 2, 0, a.heads);
    a.k = part_of_axis(m, x, 2, a.heads, a.groups);
    a.v = part_of_axis(m, x, 2, a.heads + a.groups, a.groups);
  } else {
    a.q = heads_in(c.in[0], a.heads);
    a.k = heads_in(c.in[1], a.groups), a.v = heads_in(c.in[2], a.groups);
  }
}
/// How many keys there are, and how many of them are new.
inline void read_group_lengths(emitter& m, const call& c, group_attention& a) {
  const auto total = m.constant_integers(c.in[6], "the total number of keys");
  if (m.failed()) return;
  if (c.has(3) != c.has(4)) return m.broken("past keys or values", "absent", "both");
  if (c.has(3)) {
    const dims k = m.shape(c.in[3]);
    if (k.rank != 4 || !(k == dims{a.batch, a.groups, k[2], a.size}) || !(k == m.shape(c.in[4])))
      return m.broken("shape of past keys and values", to_string(k),
                      to_string(dims{a.batch, a.groups, -1, a.size}));
    a.known = k[2];
  }
  const std::int64_t most = std::int64_t{a.known} + a.steps;
  if (total.size() != 1 || total[0] < a.steps || total[0] > most)
    return m.broken("the total number of keys", total.empty() ? "none" : std::to_string(total[0]),
                    std::to_string(a.steps) + " to " + std::to_string(most));
  a.room = std::max(a.known, static_cast<std::int32_t>(total[0]));
  a.first = total[0] == a.steps;
  if (m.type(c.in[5]) != dtype::s32 || m.shape(c.in[5]).elements().value != as_size(a.batch))
    return m.broken("lengths of sequences", to_string(m.shape(c.in[5])),
                    "int32 " + to_string(dims{a.batch}));
  a.lengths = m.reshaped(m.held(c.in[5], false), dims{a.batch});
  if (!a.first) a.earlier = plus(m, a.lengths, 1 - a.steps);
}
/// Queries and keys turned by the angles of their places.
inline void turn_group(emitter& m, const call& c, group_attention& a) {
  if (m.integer(c, "do_rotary", 0) == 0 || m.failed()) return;
  if (!c.has(7) || !c.has(8)) return m.broken("tables of cosines and sines", "absent", "given");
  tensor_id place = m.reshaped(numbered(m, a.steps), dims{1, a.steps});
  if (!a.first) place = m.made(ops::add, {place, by_sequence(m, a, a.earlier, 2)}, dtype::s32);
  if (c.has(9)) place = m.held(c.in[9], false);
  rotary r;
  r.interleaved = m.integer(c, "rotary_interleaved", 0) != 0;
  look_up_angles(m, r, c.in[7], c.in[8], place);
  const dims p = m.failed() ? dims{} : m.tensor_of(place).shape;
  if (!m.failed() && (r.size > a.size || p.rank != 2 || p[1] != a.steps))
    return m.broken("positions or tables of angles", to_string(p),
                    to_string(dims{a.batch, a.steps}));
  a.q = turned_by(m, a.q, r), a.k = turned_by(m, a.k, r);
}
/// query, [key, value], [past key, past value], lengths - 1, total length, [cosines, sines],
/// [positions], [bias].
inline void group_query_attention_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 16)) return;
  for (const std::size_t i : {5u, 6u})
    if (!c.has(i)) return m.broken("input " + std::to_string(i), "absent", "a value");
  refuse_group_attention(m, c);
  group_attention a;
  read_group_inputs(m, c, a);
  if (!m.failed()) read_group_lengths(m, c, a);
  turn_group(m, c, a);
  const tensor_id keys = known_afterwards(m, a, c.input(3), a.k),
                  values = known_afterwards(m, a, c.input(4), a.v);
  if (m.failed()) return;
  const dims each{a.batch, a.groups, a.heads / a.groups, a.steps, a.size},
      shared{a.batch, a.groups, 1, a.room, a.size};
  const tensor_id mask =
      with_bias(m, a, c.input(10), group_mask(m, a, m.integer(c, "local_window_size", -1)));
  const std::vector<tensor_id> in{m.reshaped(turned(m, a.q, {0, 2, 1, 3}), each),
                                  m.reshaped(keys, shared), m.reshaped(values, shared), mask};
  const double alpha = static_cast<double>(scale_of_scores(m, c, a.size));
  const float cap = m.real(c, "softcap", 0.f);
  attributes at;
  at.set("adj_y", std::int64_t{1}), at.set("undivided", std::int64_t{2}), at.set("alpha", alpha);
  tensor_id y = cap > 0 ? attended_capped(m, in, alpha, cap)
                        : m.made(ops::attention, in, dtype::f32, std::move(at));
  if (m.failed()) return;
  y = turned(m, m.reshaped(y, dims{a.batch, a.heads, a.steps, a.size}), {0, 2, 1, 3});
  if (m.failed()) return;
  y = m.reshaped(y, dims{a.batch, a.steps, a.heads * a.size});
  c.out = {value::of(y), value::of(keys), value::of(values)};
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_GROUP_ATTENTION_HPP_
// ---- octet/import/onnx/rows_nbits.hpp
// Weights of few bits with a scale for each block of them, as ONNX Runtime's contributed operators
// have them: products and rows of a table.
#ifndef OCTET_IMPORT_ONNX_ROWS_NBITS_HPP_
#define OCTET_IMPORT_ONNX_ROWS_NBITS_HPP_


OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

/// Rows of codes, each cut in blocks that share a scale and a zero point.
struct blocks_of_codes {
  std::int32_t rows = 0, columns = 0, block = 0;
  int bits = 4;
  std::optional<array> codes, zeros;
  std::vector<float> scales;

  std::int32_t blocks() const { return columns / block + (columns % block != 0); }
  std::size_t row_bytes() const {  // padded to whole blocks
    return as_size(blocks()) * as_size(block) * static_cast<std::size_t>(bits) / 8;
  }
  std::uint8_t code(std::size_t row, std::size_t column) const {
    return few_bits(codes->data.bytes, row * row_bytes(), column, bits);
  }
  float zero(std::size_t row, std::size_t block_of) const {
    if (!zeros) return static_cast<float>(1 << (bits - 1));
    const auto count = as_size(blocks());
    const std::size_t bytes = (count * static_cast<std::size_t>(bits) + 7) / 8;
    return static_cast<float>(few_bits(zeros->data.bytes, row * bytes, block_of, bits));
  }
};
/// The bits and the block size of a node.
inline void read_blocks(emitter& m, const call& c, std::int64_t block, blocks_of_codes& b) {
  const std::int64_t bits = m.integer(c, "bits", 4);
  if (bits != 4 && bits != 8) return m.refuse("bits", std::to_string(bits), "4, 8");
  if (block < 16 || block > 1 << 20 || (block & (block - 1)) != 0)
    return m.broken("block_size", std::to_string(block), "a power of two, 16 or more");
  b.bits = static_cast<int>(bits), b.block = static_cast<std::int32_t>(block);
}
/// Constants: codes in bytes, scales, [zero points in bytes] of b's rows and columns.
inline void read_codes(emitter& m, const value& codes, const value& scales, const value& zeros,
                       blocks_of_codes& b) {
  b.codes = m.constant(codes, "weights of few bits");
  b.scales = m.constant_floats(scales, "a scale");
  if (zeros.given()) b.zeros = m.constant(zeros, "a zero point");
  if (m.failed()) return;
  const std::size_t rows = as_size(b.rows), blocks = as_size(b.blocks()),
                    bytes = (blocks * static_cast<std::size_t>(b.bits) + 7) / 8;
  if (b.codes->type != dtype::u8 || b.codes->elements() != rows * b.row_bytes())
    return m.broken("weights of few bits",
                    std::string(name_of(b.codes->type)) + " " + to_string(b.codes->shape),
                    "uint8, " + std::to_string(rows * b.row_bytes()) + " bytes");
  if (b.scales.size() != rows * blocks)
    return m.broken("number of scales", std::to_string(b.scales.size()),
                    std::to_string(rows * blocks));
  if (b.zeros && b.zeros->type != dtype::u8)
    return m.refuse("element type of zero points", std::string(name_of(b.zeros->type)), "uint8");
  if (b.zeros && b.zeros->elements() != rows * bytes)
    m.broken("number of zero points", to_string(b.zeros->shape), std::to_string(rows * bytes));
}
/// f32(f32(q - z) s), [columns, rows].
inline tensor_id floats_by_columns(emitter& m, const std::string& name, const blocks_of_codes& b) {
  const dims s{b.columns, b.rows};
  if (m.failed() || !m.check(verify_size(s, dtype::f32, m.to.max, "weights of few bits")))
    return no_tensor;
  const std::size_t rows = as_size(b.rows), columns = as_size(b.columns), block = as_size(b.block);
  std::vector<float> y(rows * columns);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t k = 0; k < columns; ++k)
      y[k * rows + r] = numerics::mul(static_cast<float>(b.code(r, k)) - b.zero(r, k / block),
                                      b.scales[r * as_size(b.blocks()) + k / block]);
  return m.new_constant(name, s, y);
}
/// x [rows, K] as ONNX Runtime rounds it at accuracy_level 4: to codes of 8 bits, each block by its
/// own largest element m: f32(rint(f32(x f32(127 / m))) f32(m / 127)).
inline tensor_id rounded_by_blocks(emitter& m, tensor_id x, const blocks_of_codes& b) {
  if (m.failed()) return no_tensor;
  constexpr float most = 127;
  const std::int32_t rows = m.tensor_of(x).shape[0], all = b.blocks() * b.block,
                     more = all - b.columns;
  if (more != 0) x = joined_on(m, {x, m.filled(dims{rows, more}, 0.f)}, 1);
  const auto real = [&](const op_def& op, std::vector<tensor_id> in, attributes a = {}) {
    return m.made(op, std::move(in), dtype::f32, std::move(a));
  };
  const tensor_id in_blocks = m.reshaped(x, dims{rows, b.blocks(), b.block}),
                  largest = real(ops::reduce_max, {real(ops::abs, {in_blocks})}, reduction({2})),
                  none = m.to.scalar_constant(0.f), top = m.to.scalar_constant(most);
  const tensor_id some = m.made(ops::greater, {largest, none}, dtype::boolean),
                  levels = real(ops::select, {some, real(ops::div, {top, largest}), none}),
                  codes = real(ops::round, {real(ops::mul, {in_blocks, levels})});
  const tensor_id y =
      m.reshaped(real(ops::mul, {codes, real(ops::div, {largest, top})}), dims{rows, all});
  return more == 0 ? y : part_of_axis(m, y, 1, 0, b.columns);
}
/// x [.., K], weights [N, blocks, bytes], scales, [zero points], [], [bias]: in float. Of 4 bits
/// one chain of fused multiply-adds, of 8 bits a product with a computed matrix.
inline void matmul_nbits_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 6) || !m.is_real(c.in[0])) return;
  if (c.has(4)) return m.refuse("an order of columns in groups (g_idx)");
  if (m.integer(c, "weight_prepacked", 0) != 0) return m.refuse("weight_prepacked", "1", "0");
  const std::int64_t level = m.integer(c, "accuracy_level", 0);
  if (level != 0 && level != 1 && level != 4)
    return m.refuse("accuracy_level", std::to_string(level), "0, 1, 4");
  const std::int64_t k = m.integer(c, "K", 0), n = m.integer(c, "N", 0);
  const dims s = m.shape(c.in[0]);
  if (m.failed()) return;
  if (s.rank < 1 || k < 1 || s.back(0) != k || n < 1 || n > INT32_MAX)
    return m.broken("K and N of MatMulNBits", std::to_string(k) + ", " + std::to_string(n),
                    to_string(s));
  blocks_of_codes b;
  b.rows = static_cast<std::int32_t>(n), b.columns = static_cast<std::int32_t>(k);
  read_blocks(m, c, m.integer(c, "block_size", 32), b);
  if (!m.failed()) read_codes(m, c.in[1], c.in[2], c.input(3), b);
  const tensor_id w = floats_by_columns(m, c.in[1].name, b);
  if (m.failed()) return;
  const std::size_t rows = s.elements().value / as_size(k);
  tensor_id x =
      m.reshaped(m.held(c.in[0], false), dims{static_cast<std::int32_t>(rows), b.columns});
  if (level == 4) x = rounded_by_blocks(m, x, b);
  constexpr std::int64_t most = std::int64_t{1} << 22;  // products of one row side by side
  tensor_id y = no_tensor;
  if (b.bits == 8 && level != 4 && (rows != 1 || k * n <= most)) {
    y = unpacked_product(m, {.a = x, .b = w, .turned_b = true, .computed = true});
  } else {
    attributes a;
    a.set("whole", std::int64_t{1});
    y = m.made(ops::batch_matmul, {x, w}, dtype::f32, std::move(a));
  }
  if (c.has(5)) y = m.made(ops::add, {y, m.held(c.in[5], false)}, dtype::f32);
  dims out = s;
  out[s.rank - 1] = b.rows;
  if (!m.failed()) m.give(c, m.reshaped(y, out), false);
}
/// table of codes [rows, columns], places, scales, [zero points]: rows of floats.
inline void gather_blocks_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 4)) return;
  const auto table = m.constant(c.in[0], "a table of few bits");
  const std::int64_t axis = m.integer(c, "gather_axis", 0),
                     along_axis = m.integer(c, "quantize_axis", 1);
  if (m.failed()) return;
  blocks_of_codes b;
  read_blocks(m, c, m.integer(c, "block_size", 128), b);
  const dims s = table->shape;
  if (s.rank != 2 || axis != 0 || (along_axis != 1 && along_axis != -1) ||
      table->type != dtype::u8 || (c.in[0].data && c.in[0].data->narrow_bits != 0))
    return m.refuse("a table of " + to_string(s) + ", axes " + std::to_string(axis) + ", " +
                        std::to_string(along_axis),
                    std::string(name_of(table->type)), "uint8 [rows, columns], axes 0, 1");
  if (m.failed()) return;
  if (s[1] > INT32_MAX / 2) return m.fail(import::too_large("columns of a table"));
  b.rows = s[0], b.columns = s[1] * (8 / b.bits);
  if (!m.check(verify_size(dims{b.rows, b.columns}, dtype::u8, m.to.max, "a table"))) return;
  if (b.columns % b.block != 0)
    return m.refuse("columns that are no whole blocks", std::to_string(b.columns),
                    "blocks of " + std::to_string(b.block));
  read_codes(m, c.in[0], c.in[2], c.input(3), b);
  if (m.failed()) return;
  const std::size_t rows = as_size(b.rows), columns = as_size(b.columns),
                    blocks = as_size(b.blocks());
  std::vector<std::uint8_t> codes;
  std::vector<float> zeros;
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t k = 0; k < columns; ++k) codes.push_back(b.code(r, k));
    for (std::size_t k = 0; k < blocks; ++k) zeros.push_back(b.zero(r, k));
  }
  const tensor_id place = m.held(c.in[1], false);
  dims each = m.shape(c.in[1]), out = each;
  each.push_back(b.blocks()), out.push_back(b.columns);
  dims parts = each, one = each;
  parts.push_back(b.block), one.push_back(1);
  const auto by_block = [&](tensor_id t) { return m.reshaped(rows_of(m, t, place), one); };
  const dims by_rows{b.rows, b.blocks()};
  tensor_id y = m.made(
      ops::cast,
      {m.reshaped(rows_of(m, m.new_constant(c.in[0].name, {b.rows, b.columns}, codes), place),
                  parts)},
      dtype::f32);
  y = m.made(ops::sub, {y, by_block(m.new_constant("", by_rows, zeros))}, dtype::f32);
  y = m.made(ops::mul, {y, by_block(m.new_constant("", by_rows, b.scales))}, dtype::f32);
  if (!m.failed()) m.give(c, m.reshaped(y, out), false);
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_NBITS_HPP_
// ---- octet/import/onnx/rows_recurrent.hpp
// LSTM, DynamicQuantizeLSTM, GRU and RNN, step by step: a network has as many copies of the cell as
// the sequence is long.
#ifndef OCTET_IMPORT_ONNX_ROWS_RECURRENT_HPP_
#define OCTET_IMPORT_ONNX_ROWS_RECURRENT_HPP_

// ---- octet/laws/recurrent.hpp
// What recurrent layers are put together from, where it is not what the law says of an operator.
#ifndef OCTET_LAWS_RECURRENT_HPP_
#define OCTET_LAWS_RECURRENT_HPP_


OCTET_COLD_NAMESPACE_BEGIN
namespace laws {

/// The exp inside the tanh of ONNX Runtime's RNN is the C library's, not its vector loops'.
constexpr decision exp_of_rnn() { return rounding::none; }

}  // namespace laws
OCTET_NAMESPACE_END

#endif  // OCTET_LAWS_RECURRENT_HPP_

OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

/// Entry d of a constant's first axis. `turned`: a matrix, rows and columns exchanged.
inline value entry_of(emitter& m, const value& v, int d, bool turned = false) {
  const auto a = m.constant(v, "a parameter of LSTM");
  if (!a) return {};
  dims s;
  for (int i = 1; i < a->shape.rank; ++i) s.push_back(a->shape[i]);
  const std::size_t bytes = s.elements().value * size_of(a->type);
  const auto from = a->data.bytes.subspan(as_size(d) * bytes, bytes);
  if (!turned) return value::of(m.new_constant("", a->type, s, from));
  if (!m.check(m.to.work.spend(bytes))) return {};
  const auto rows = as_size(s[0]), columns = as_size(s[1]), size = size_of(a->type);
  std::vector<std::byte> moved(bytes);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t k = 0; k < columns; ++k)
      std::memcpy(moved.data() + (k * rows + r) * size, from.data() + (r * columns + k) * size,
                  size);
  return value::of(m.new_constant(v.name, a->type, dims{s[1], s[0]}, moved));
}
/// Where inputs are: DynamicQuantizeLSTM has scales, and its weights lie the other way.
struct recurrent {
  bool dynamic = false, reverse = false;
  std::int32_t steps = 0, batch = 0, inputs = 0, hidden = 0;
  int direction = 0;
  tensor_id lengths = no_tensor;  // [batch, 1], where sequences may be shorter than the input
};
/// Whether step t belongs to each sequence, [batch, 1].
inline tensor_id belongs(emitter& m, const recurrent& r, std::int32_t t) {
  return m.made(ops::greater, {r.lengths, m.to.scalar_constant(t)}, dtype::boolean);
}
/// `now` where step t belongs to a sequence, else `otherwise`.
inline tensor_id within_length(emitter& m, const recurrent& r, std::int32_t t, tensor_id now,
                               tensor_id otherwise) {
  if (m.failed() || r.lengths == no_tensor) return now;
  return m.made(ops::select, {belongs(m, r, t), now, otherwise}, dtype::f32);
}
/// One direction.
struct recurrent_result {
  std::vector<tensor_id> states;  // [1, 1, batch, hidden] each, in the order of the sequence
  tensor_id h = no_tensor, c = no_tensor;  // [1, batch, hidden], the last ones
};
/// Weights of one direction, [4 hidden, inputs], and what a dynamic product needs besides.
struct recurrent_weights {
  tensor_id w = no_tensor, sums = no_tensor, scale = no_tensor;
  std::size_t columns = 1;  // zero points
};
inline recurrent_weights read_recurrent_weights(emitter& m, const call& c, const recurrent& r,
                                                std::size_t weights, std::size_t scale) {
  recurrent_weights y;
  y.w = entry_of(m, c.in[weights], r.direction, r.dynamic).id;
  if (m.failed() || !r.dynamic) return y;
  zero_point z;
  if (c.has(scale + 1)) z.known = m.zero_points_of(entry_of(m, c.in[scale + 1], r.direction));
  y.scale = entry_of(m, c.in[scale], r.direction).id;
  if (m.failed()) return y;
  y.columns = z.known.size();
  m.set(y.w, codes(z, 0), 0);
  const dims row{1, m.tensor_of(y.w).shape[1]};
  const tensor_id ones = m.filled(row, std::uint8_t{1});
  if (m.failed()) return y;
  m.set(ones, codes({}), -1);
  y.sums = m.accumulate(ops::fully_connected, {ones, y.w}, {}, std::vector<double>(y.columns, 1.));
  return y;
}
/// x of floats by the weights; dynamic: x becomes codes of its own scale first.
inline tensor_id recurrent_product(emitter& m, const recurrent_weights& w, tensor_id x,
                                   bool dynamic) {
  if (!dynamic) return m.made(ops::float_fully_connected, {x, w.w}, dtype::f32, keep_dims());
  const auto q = quantized_dynamically(m, value::of(x));
  if (m.failed()) return no_tensor;
  const tensor_id raw = m.under(value::of(q[0]), false, codes({})),
                  zero = m.made(ops::cast, {q[2]}, dtype::s32);
  if (m.failed()) return no_tensor;
  const tensor_id sums = m.accumulate(ops::fully_connected, {raw, w.w}, keep_dims(),
                                      std::vector<double>(w.columns, 1.)),
                  taken = integers_of(m, ops::mul, {w.sums, zero}),
                  exact = integers_of(m, ops::sub, {sums, taken}),
                  scale = m.made(ops::mul, {q[1], w.scale}, dtype::f32);
  return m.made(ops::mul, {m.made(ops::cast, {exact}, dtype::f32), scale}, dtype::f32);
}
inline recurrent_result one_direction(emitter& m, call& c, const recurrent& r) {
  recurrent_result y;
  const auto state = [&](std::size_t i) {
    if (!c.has(i)) return m.filled(dims{r.batch, r.hidden}, 0.f);
    const tensor_id all = m.held(c.in[i], false);
    return m.reshaped(part_of_axis(m, all, 0, r.direction, 1), dims{r.batch, r.hidden});
  };
  const auto of_f32 = [&](const op_def& op, std::vector<tensor_id> in) {
    return m.made(op, std::move(in), dtype::f32);
  };
  tensor_id bias = no_tensor;
  if (c.has(3)) {
    const auto b = m.constant_floats(c.in[3], "a bias of LSTM");
    if (m.failed()) return y;
    const auto gates = 4 * as_size(r.hidden);
    std::vector<float> sum;
    for (std::size_t i = 0; i < gates; ++i) {
      const std::size_t at = as_size(r.direction) * 2 * gates + i;
      sum.push_back(numerics::add(b[at], b[at + gates]));
    }
    bias = m.new_constant("", dims{4 * r.hidden}, sum);
  }
  tensor_id h = state(5), cell = state(6);
  const tensor_id none = r.lengths == no_tensor ? no_tensor : m.to.scalar_constant(0.f);
  const recurrent_weights of_x = read_recurrent_weights(m, c, r, 1, 8),
                          of_h = read_recurrent_weights(m, c, r, 2, 10);
  if (m.failed()) return y;
  const tensor_id of_inputs = recurrent_product(m, of_x, m.held(c.in[0], false), r.dynamic);
  y.states.resize(as_size(r.steps));
  for (std::int32_t k = 0; k < r.steps && !m.failed(); ++k) {
    const std::int32_t t = r.reverse ? r.steps - 1 - k : k;
    const tensor_id x =
        m.reshaped(part_of_axis(m, of_inputs, 0, t, 1), dims{r.batch, 4 * r.hidden});
    tensor_id gates = of_f32(ops::add, {x, recurrent_product(m, of_h, h, r.dynamic)});
    if (bias != no_tensor) gates = of_f32(ops::add, {gates, bias});
    const auto gate = [&](int i, const op_def& function) {
      return of_f32(function, {part_of_axis(m, gates, 1, std::int64_t{i} * r.hidden, r.hidden)});
    };
    const tensor_id in = gate(0, ops::logistic), out = gate(1, ops::logistic),
                    forget = gate(2, ops::logistic), candidate = gate(3, ops::tanh);
    const tensor_id now =
        of_f32(ops::add, {of_f32(ops::mul, {forget, cell}), of_f32(ops::mul, {in, candidate})});
    const tensor_id next = of_f32(ops::mul, {out, of_f32(ops::tanh, {now})});
    y.states[as_size(t)] =
        m.reshaped(within_length(m, r, t, next, none), dims{1, 1, r.batch, r.hidden});
    cell = within_length(m, r, t, now, cell), h = within_length(m, r, t, next, h);
  }
  h = within_length(m, r, 0, h, none), cell = within_length(m, r, 0, cell, none);
  y.h = m.reshaped(h, dims{1, r.batch, r.hidden});
  y.c = m.reshaped(cell, dims{1, r.batch, r.hidden});
  return y;
}
/// What all of them ask for besides weights.
inline void plain_recurrence(emitter& m, const call& c, std::span<const char* const> functions) {
  if (m.integer(c, "layout", 0) != 0) m.refuse("layout", "1", "0");
  if (c.n.find("clip")) m.refuse("clip of " + c.n.op);
  if (const attribute* a = c.n.find("activations"))
    for (std::size_t i = 0; i < a->texts.size(); ++i)
      if (a->texts[i] != functions[i % functions.size()])
        m.refuse("activations of " + c.n.op, a->texts[i], functions[i % functions.size()]);
  const std::string direction = m.text(c, "direction", "forward");
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional")
    m.broken("direction", direction);
}
/// How long each sequence is: as the input, or shorter, also computed ones. Quantized states of a
/// batch share a scale, which nothing says of those that have ended.
inline void read_lengths(emitter& m, const call& c, recurrent& r) {
  if (!c.has(4) || m.failed()) return;
  if (m.type(c.in[4]) != dtype::s32 || !(m.shape(c.in[4]) == dims{r.batch}))
    return m.broken("lengths of sequences",
                    std::string(name_of(m.type(c.in[4]))) + " " + to_string(m.shape(c.in[4])),
                    "int32 " + to_string(dims{r.batch}));
  bool whole = m.is_constant(c.in[4]);
  if (whole)
    for (const std::int64_t length : m.constant_integers(c.in[4], "lengths of sequences")) {
      if (length < 0 || length > r.steps)
        return m.broken("a length of a sequence", std::to_string(length),
                        "0 to " + std::to_string(r.steps));
      whole &= length == r.steps;
    }
  if (whole) return;
  if (r.dynamic) return m.refuse("lengths of sequences of DynamicQuantizeLSTM", {}, "all steps");
  r.lengths = m.reshaped(m.held(c.in[4], false), dims{r.batch, 1});
}
/// x [steps, batch, inputs], weights, recurrent weights, [bias], [lengths], [h], [c], [peepholes];
/// dynamic: then scale and zero point of both weights.
template <bool Dynamic> void lstm_row(emitter& m, call& c) {
  if (!m.arity(c, 3, Dynamic ? 12 : 8) || !m.is_real(c.in[0])) return;
  constexpr const char* functions[] = {"Sigmoid", "Tanh", "Tanh"};
  plain_recurrence(m, c, functions);
  if (m.integer(c, "input_forget", 0) != 0) m.refuse("input_forget", "1", "0");
  if (c.has(7)) m.refuse("peepholes of LSTM");
  const std::string direction = m.text(c, "direction", "forward");
  const dims x = m.shape(c.in[0]), w = m.shape(c.in[1]), r = m.shape(c.in[2]);
  const std::int32_t directions = direction == "bidirectional" ? 2 : 1;
  if (m.failed()) return;
  if (x.rank != 3 || w.rank != 3 || r.rank != 3 || x[0] < 1)
    return m.broken("ranks of LSTM's input and weights");
  recurrent one;
  one.dynamic = Dynamic;
  one.steps = x[0], one.batch = x[1], one.inputs = x[2];
  one.hidden = Dynamic ? r[1] : r[2];
  if (one.hidden < 1 || one.hidden > 1 << 20) return m.broken("hidden size", to_string(r));
  const dims gates = Dynamic ? dims{directions, one.inputs, 4 * one.hidden}
                             : dims{directions, 4 * one.hidden, one.inputs},
             back = Dynamic ? dims{directions, one.hidden, 4 * one.hidden}
                            : dims{directions, 4 * one.hidden, one.hidden};
  if (!(w == gates) || !(r == back))
    return m.broken("shapes of LSTM's weights", to_string(w) + ", " + to_string(r),
                    to_string(gates) + ", " + to_string(back));
  if (c.has(3) && !(m.shape(c.in[3]) == dims{directions, 8 * one.hidden}))
    return m.broken("shape of LSTM's bias", to_string(m.shape(c.in[3])));
  for (std::size_t i : {5u, 6u})
    if (c.has(i) && !(m.shape(c.in[i]) == dims{directions, one.batch, one.hidden}))
      return m.broken("shape of LSTM's state", to_string(m.shape(c.in[i])));
  read_lengths(m, c, one);
  if (Dynamic)
    for (std::size_t i : {8u, 9u, 10u, 11u}) {
      if (i % 2 == 1 && !c.has(i)) continue;
      const dims s = c.has(i) ? m.shape(c.in[i]) : dims{};
      if (!(s == dims{directions}) && !(s == dims{directions, 4 * one.hidden}))
        return m.broken("shape of scales or zero points of LSTM", to_string(s));
    }
  std::vector<tensor_id> all, h, cell;
  for (std::int32_t d = 0; d < directions && !m.failed(); ++d) {
    one.direction = d;
    one.reverse = d == 1 || direction == "reverse";
    recurrent_result y = one_direction(m, c, one);
    if (m.failed()) return;
    all.push_back(joined_on(m, std::move(y.states), 0));
    h.push_back(y.h), cell.push_back(y.c);
  }
  const tensor_id states = joined_on(m, std::move(all), 1), last = joined_on(m, std::move(h), 0),
                  cells = joined_on(m, std::move(cell), 0);
  if (!m.failed()) c.out = {value::of(states), value::of(last), value::of(cells)};
}

inline tensor_id real_result(emitter& m, const op_def& op, std::vector<tensor_id> in) {
  return m.made(op, std::move(in), dtype::f32);
}
/// t + bias, or t where there is no bias.
inline tensor_id with_bias(emitter& m, tensor_id t, tensor_id bias) {
  return bias == no_tensor || m.failed() ? t : real_result(m, ops::add, {t, bias});
}
/// p(x) / q(x), near tanh(x): x times a polynomial of x^2 of degree 6 over one of degree 3, every
/// step rounded (rnn_helpers.cc of ONNX Runtime); x is held within [-bound, bound].
inline tensor_id gru_ratio(emitter& m, tensor_id x, float bound, float factor) {
  constexpr std::array above{-2.76076847742355e-16f, 2.00018790482477e-13f, -8.60467152213735e-11f,
                             5.12229709037114e-08f,  1.48572235717979e-05f, 6.37261928875436e-04f,
                             4.89352455891786e-03f};
  constexpr std::array below{1.19825839466702e-06f, 1.18534705686654e-04f, 2.26843463243900e-03f,
                             4.89352518554385e-03f};
  const auto with = [&](const op_def& op, tensor_id t, float number) {
    return real_result(m, op, {t, m.to.scalar_constant(number)});
  };
  x = with(ops::maximum, with(ops::minimum, x, bound), -bound);
  if (factor != 1) x = with(ops::mul, x, factor);
  const tensor_id square = real_result(m, ops::square, {x});
  const auto polynomial = [&](std::span<const float> numbers) {
    tensor_id y = with(ops::mul, square, numbers[0]);
    for (std::size_t k = 1; k < numbers.size(); ++k) {
      if (k > 1) y = real_result(m, ops::mul, {square, y});
      y = with(ops::add, y, numbers[k]);
    }
    return y;
  };
  return real_result(m, ops::div,
                     {real_result(m, ops::mul, {x, polynomial(above)}), polynomial(below)});
}
inline tensor_id gru_tanh(emitter& m, tensor_id x) { return gru_ratio(m, x, 10.f, 1.f); }
/// Of the reset gate alone; the update gate is the usual logistic function.
inline tensor_id gru_logistic(emitter& m, tensor_id x) {
  const tensor_id y =
      real_result(m, ops::add, {m.to.scalar_constant(1.f), gru_ratio(m, x, 20.f, 0.5f)});
  return real_result(m, ops::mul, {m.to.scalar_constant(0.5f), y});
}
/// sum + x w, w [N, K] constant: the chains of the product join the sum one after another.
inline tensor_id joined_product(emitter& m, tensor_id x, tensor_id w, tensor_id sum) {
  attributes a;
  a.set("adj_y", std::int64_t{1});
  return m.made(ops::batch_matmul, {x, w, sum}, dtype::f32, std::move(a));
}
/// What a step of GRU takes of its parameters: weights of the state for the first two gates and
/// for the last; biases (all or none) of the update, reset and last gate, each f32(Wb + Rb), and
/// where the last gate resets after its product, Wb and Rb of it apart.
struct gru_parameters {
  tensor_id first = no_tensor, last = no_tensor;
  tensor_id update_bias = no_tensor, reset_bias = no_tensor, last_bias = no_tensor,
            state_bias = no_tensor;
  bool reset_after = false;
};
inline gru_parameters read_gru(emitter& m, const call& c, const recurrent& r) {
  gru_parameters p;
  p.reset_after = m.integer(c, "linear_before_reset", 0) != 0;
  const tensor_id back = entry_of(m, c.in[2], r.direction).id;
  p.first = part_of_axis(m, back, 0, 0, 2 * r.hidden);
  p.last = part_of_axis(m, back, 0, 2 * r.hidden, r.hidden);
  if (!c.has(3)) return p;
  const tensor_id both = entry_of(m, c.in[3], r.direction).id;
  const auto part = [&](std::int64_t k) {
    return part_of_axis(m, both, 0, k * r.hidden, r.hidden);
  };
  const auto sum = [&](std::int64_t k) { return real_result(m, ops::add, {part(k), part(k + 3)}); };
  p.update_bias = sum(0), p.reset_bias = sum(1);
  p.last_bias = p.reset_after ? part(2) : sum(2);
  if (p.reset_after) p.state_bias = part(5);
  return p;
}
/// The state of GRU after a step. x: the input's part of all gates [batch, 3 hidden].
inline tensor_id gru_state(emitter& m, const recurrent& r, const gru_parameters& p, tensor_id x,
                           tensor_id h) {
  const auto gate = [&](tensor_id of, std::int64_t i) {
    return part_of_axis(m, of, 1, i * r.hidden, r.hidden);
  };
  const tensor_id sums = joined_product(m, h, p.first, part_of_axis(m, x, 1, 0, 2 * r.hidden)),
                  z = real_result(m, ops::logistic, {with_bias(m, gate(sums, 0), p.update_bias)}),
                  reset = gru_logistic(m, with_bias(m, gate(sums, 1), p.reset_bias));
  tensor_id candidate = no_tensor;
  if (p.reset_after) {
    const tensor_id seen = p.state_bias == no_tensor
                               ? real_result(m, ops::float_fully_connected, {h, p.last})
                               : joined_product(m, h, p.last, p.state_bias);
    candidate = real_result(m, ops::add, {gate(x, 2), real_result(m, ops::mul, {reset, seen})});
  } else {
    candidate = joined_product(m, real_result(m, ops::mul, {reset, h}), p.last, gate(x, 2));
  }
  candidate = gru_tanh(m, with_bias(m, candidate, p.last_bias));
  const tensor_id left = real_result(m, ops::sub, {m.to.scalar_constant(1.f), z});
  return real_result(
      m, ops::add, {real_result(m, ops::mul, {left, candidate}), real_result(m, ops::mul, {z, h})});
}
/// exp(x), rounded once.
inline tensor_id rounded_exp(emitter& m, tensor_id x) {
  if (m.failed()) return no_tensor;
  const tensor_id y = m.to.temporary("", dtype::f32);
  import::node_options plain;
  plain.decided = laws::exp_of_rnn();
  return m.check(m.to.emit(ops::exp, {x}, {y}, {}, plain)) ? y : no_tensor;
}
/// 2 s(2 x) - 1, near tanh(x): s(z) = 1 / (1 + exp(-z)), below 0 exp(z) / (1 + exp(z)), every step
/// rounded (rnn_activation_functors.h of ONNX Runtime, whose exp is the C library's).
inline tensor_id rnn_tanh(emitter& m, tensor_id x) {
  const auto with = [&](const op_def& op, tensor_id t, float number) {
    return real_result(m, op, {t, m.to.scalar_constant(number)});
  };
  const tensor_id z = with(ops::mul, x, 2.f),
                  e = rounded_exp(m, real_result(m, ops::neg, {real_result(m, ops::abs, {z})})),
                  sum = with(ops::add, e, 1.f),
                  above = real_result(m, ops::div, {m.to.scalar_constant(1.f), sum}),
                  below = real_result(m, ops::div, {e, sum}),
                  positive =
                      m.made(ops::greater_equal, {z, m.to.scalar_constant(0.f)}, dtype::boolean),
                  s = real_result(m, ops::select, {positive, above, below});
  return with(ops::sub, with(ops::mul, s, 2.f), 1.f);
}
/// One direction of GRU (gates z, r, h) or RNN (one gate; `relu`: in place of tanh).
inline recurrent_result simple_direction(emitter& m, call& c, const recurrent& r, bool gru,
                                         bool relu) {
  recurrent_result y;
  const std::int32_t width = (gru ? 3 : 1) * r.hidden;
  tensor_id h = c.has(5) ? m.reshaped(part_of_axis(m, m.held(c.in[5], false), 0, r.direction, 1),
                                      dims{r.batch, r.hidden})
                         : m.filled(dims{r.batch, r.hidden}, 0.f);
  const tensor_id w = entry_of(m, c.in[1], r.direction).id,
                  back = gru ? no_tensor : entry_of(m, c.in[2], r.direction).id;
  const gru_parameters p = gru ? read_gru(m, c, r) : gru_parameters{};
  tensor_id of_inputs =
      m.made(ops::float_fully_connected, {m.held(c.in[0], false), w}, dtype::f32, keep_dims());
  if (!gru && c.has(3)) {
    const tensor_id both = entry_of(m, c.in[3], r.direction).id;
    of_inputs = with_bias(m, of_inputs,
                          real_result(m, ops::add,
                                      {part_of_axis(m, both, 0, 0, r.hidden),
                                       part_of_axis(m, both, 0, r.hidden, r.hidden)}));
  }
  y.states.resize(as_size(r.steps));
  const tensor_id none = r.lengths == no_tensor ? no_tensor : m.to.scalar_constant(0.f);
  for (std::int32_t k = 0; k < r.steps && !m.failed(); ++k) {
    const std::int32_t t = r.reverse ? r.steps - 1 - k : k;
    const tensor_id x = m.reshaped(part_of_axis(m, of_inputs, 0, t, 1), dims{r.batch, width});
    tensor_id now = no_tensor;
    if (gru) {
      now = gru_state(m, r, p, x, h);
    } else {
      const tensor_id product = real_result(m, ops::float_fully_connected, {h, back});
      const tensor_id sum = real_result(m, ops::add, {product, x});
      now = relu ? real_result(m, ops::relu, {sum}) : rnn_tanh(m, sum);
    }
    y.states[as_size(t)] =
        m.reshaped(within_length(m, r, t, now, none), dims{1, 1, r.batch, r.hidden});
    h = within_length(m, r, t, now, h);
  }
  h = within_length(m, r, 0, h, none);
  y.h = m.reshaped(h, dims{1, r.batch, r.hidden});
  return y;
}
/// x [steps, batch, inputs], weights, recurrent weights, [bias], [lengths], [h].
template <bool Gru> void simple_recurrence_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 6) || !m.is_real(c.in[0])) return;
  constexpr const char* gru[] = {"Sigmoid", "Tanh"};
  const attribute* named = c.n.find("activations");
  const bool relu = !Gru && named && !named->texts.empty() && named->texts[0] == "Relu";
  const char* const rnn[] = {relu ? "Relu" : "Tanh"};
  if constexpr (Gru)
    plain_recurrence(m, c, gru);
  else
    plain_recurrence(m, c, rnn);
  const std::string direction = m.text(c, "direction", "forward");
  const dims x = m.shape(c.in[0]), w = m.shape(c.in[1]), back = m.shape(c.in[2]);
  const std::int32_t directions = direction == "bidirectional" ? 2 : 1, gates = Gru ? 3 : 1;
  if (m.failed()) return;
  if (x.rank != 3 || back.rank != 3 || x[0] < 1 || back[2] < 1 || back[2] > 1 << 20)
    return m.broken("ranks of " + c.n.op + "'s input and weights");
  recurrent one;
  one.steps = x[0], one.batch = x[1], one.inputs = x[2], one.hidden = back[2];
  const std::int32_t width = gates * one.hidden;
  if (!(w == dims{directions, width, one.inputs}) || !(back == dims{directions, width, one.hidden}))
    return m.broken("shapes of " + c.n.op + "'s weights", to_string(w) + ", " + to_string(back),
                    to_string(dims{directions, width, one.inputs}));
  if (c.has(3) && !(m.shape(c.in[3]) == dims{directions, 2 * width}))
    return m.broken("shape of the bias", to_string(m.shape(c.in[3])));
  if (c.has(5) && !(m.shape(c.in[5]) == dims{directions, one.batch, one.hidden}))
    return m.broken("shape of the state", to_string(m.shape(c.in[5])));
  read_lengths(m, c, one);
  std::vector<tensor_id> all, h;
  for (std::int32_t d = 0; d < directions && !m.failed(); ++d) {
    one.direction = d;
    one.reverse = d == 1 || direction == "reverse";
    recurrent_result y = simple_direction(m, c, one, Gru, relu);
    if (m.failed()) return;
    all.push_back(joined_on(m, std::move(y.states), 0));
    h.push_back(y.h);
  }
  const tensor_id states = joined_on(m, std::move(all), 1), last = joined_on(m, std::move(h), 0);
  if (!m.failed()) c.out = {value::of(states), value::of(last)};
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_RECURRENT_HPP_
// ---- octet/import/onnx/rows_sequences.hpp
// Rows of sequences: lists of tensors whose number is known when the graph is loaded.
#ifndef OCTET_IMPORT_ONNX_ROWS_SEQUENCES_HPP_
#define OCTET_IMPORT_ONNX_ROWS_SEQUENCES_HPP_


OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

/// Tensors beside one another along a new axis.
inline value stacked(emitter& m, const std::vector<value>& list, std::int64_t axis) {
  std::vector<tensor_id> pieces;
  for (const value& v : list) {
    const tensor_id x = m.held(v, false);
    if (m.failed()) return {};
    dims s = m.tensor_of(x).shape, one;
    const int at = m.axis(axis, s.rank + 1);
    for (int i = 0; i <= s.rank; ++i) {
      if (i == at) one.push_back(1);
      if (i < s.rank) one.push_back(s[i]);
    }
    axis = at;
    pieces.push_back(m.reshaped(x, one));
  }
  const tensor_id y = joined_on(m, std::move(pieces), m.failed() ? 0 : axis);
  return m.failed() ? value{} : value::of(y);
}

inline const std::vector<value>& sequence_of(emitter& m, const value& v) {
  static const std::vector<value> none;
  if (!v.items && !m.failed()) m.broken("an input", "a tensor", "a sequence");
  return v.items ? *v.items : none;
}
inline void give_sequence(emitter& m, call& c, std::vector<value> list) {
  // Each step of a loop may copy the sequence.
  if (m.failed() || !m.check(m.to.work.spend(1 + list.size()))) return;
  value v;
  v.items = std::make_shared<const std::vector<value>>(std::move(list));
  c.out = {std::move(v)};
}
/// A place in a sequence, counted from the end where negative, below `bound`; `otherwise` where it
/// is not given.
inline std::size_t place_in(emitter& m, const call& c, std::size_t i, std::size_t count,
                            std::size_t bound, std::size_t otherwise) {
  if (!c.has(i)) return otherwise;
  const auto list = m.constant_integers(c.in[i], "a place in a sequence");
  const auto n = static_cast<std::int64_t>(count);
  if (!m.failed() &&
      (list.size() != 1 || list[0] < -n || list[0] >= static_cast<std::int64_t>(bound)))
    m.broken("a place in a sequence of " + std::to_string(count),
             list.empty() ? "none" : std::to_string(list[0]));
  return m.failed() ? 0 : as_size(list[0] < 0 ? list[0] + n : list[0]);
}
inline void sequence_construct_row(emitter& m, call& c) {
  if (m.arity(c, c.in.size(), c.in.size())) give_sequence(m, c, c.in);
}
inline void sequence_empty_row(emitter& m, call& c) {
  if (m.arity(c, 0, 0)) give_sequence(m, c, {});
}
inline void sequence_at_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 2)) return;
  const auto& list = sequence_of(m, c.in[0]);
  const std::size_t at = place_in(m, c, 1, list.size(), list.size(), 0);
  if (!m.failed()) c.out = {list[at]};
}
/// sequence, tensor, [place]: at the end where none is given.
inline void sequence_insert_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 3)) return;
  std::vector<value> list = sequence_of(m, c.in[0]);
  const std::size_t at = place_in(m, c, 2, list.size(), list.size() + 1, list.size());
  if (m.failed()) return;
  list.insert(list.begin() + static_cast<std::ptrdiff_t>(at), c.in[1]);
  give_sequence(m, c, std::move(list));
}
inline void sequence_erase_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 2)) return;
  std::vector<value> list = sequence_of(m, c.in[0]);
  if (list.empty()) return m.broken("a sequence to erase from", "0 tensors");
  const std::size_t at = place_in(m, c, 1, list.size(), list.size(), list.size() - 1);
  if (m.failed()) return;
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(at));
  give_sequence(m, c, std::move(list));
}
inline void sequence_length_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const auto count = static_cast<std::int64_t>(sequence_of(m, c.in[0]).size());
  m.give(c, m.to.scalar_constant(count), false);
}
/// x, [sizes]: one number for all pieces but the last, or one each; none: pieces of one element.
inline void split_to_sequence_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 2)) return;
  const value& x = c.in[0];
  const int axis = m.axis(m.integer(c, "axis", 0), m.rank(x));
  const tensor_id from = m.held(x, false);
  if (m.failed()) return;
  const dims s = m.tensor_of(from).shape;
  const std::int64_t extent = s[axis];
  std::vector<std::int64_t> sizes;
  bool alike = true;
  std::int64_t each = 1;
  if (c.has(1)) {
    sizes = m.constant_integers(c.in[1], "sizes of SplitToSequence");
    alike = m.rank(c.in[1]) == 0 && sizes.size() == 1;
    if (m.failed()) return;
    if (alike) each = sizes[0];
  }
  if (alike) {
    if (each < 1) return m.broken("size of pieces", std::to_string(each), "1 or more");
    sizes.clear();
    for (std::int64_t left = extent; left > 0; left -= sizes.back())
      sizes.push_back(std::min(each, left));
  }
  const bool drop = !c.has(1) && m.integer(c, "keepdims", 1) == 0;
  std::vector<value> list;
  std::int64_t begin = 0;
  for (const std::int64_t size : sizes) {
    if (size < 0 || size > extent - begin)
      return m.broken("sizes of SplitToSequence", std::to_string(size));
    tensor_id piece = part_of_axis(m, from, as_size(axis), begin, size);
    begin += size;
    dims rest;
    for (int i = 0; i < s.rank; ++i)
      if (i != axis) rest.push_back(s[i]);
    if (drop) piece = m.reshaped(piece, rest);
    if (m.failed()) return;
    list.push_back(value::of(piece));
  }
  if (begin != extent) return m.broken("sizes of SplitToSequence", std::to_string(begin));
  give_sequence(m, c, std::move(list));
}
inline void concat_from_sequence_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 1)) return;
  const auto& list = sequence_of(m, c.in[0]);
  if (m.failed()) return;
  if (list.empty()) return m.refuse("ConcatFromSequence of no tensors");
  if (m.integer(c, "new_axis", 0) != 0) {
    const value y = stacked(m, list, m.integer(c, "axis", 0));
    if (!m.failed()) c.out = {y};
    return;
  }
  call inner{c.n, list};
  concat_row(m, inner);
  if (!m.failed()) c.out = std::move(inner.out);
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_SEQUENCES_HPP_

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

inline constexpr onnx_row onnx_rows[] = {
    {"QuantizeLinear", "", &rows::quantize_row, 10},
    {"QuantizeLinear", microsoft_domain, &rows::quantize_row},
    {"DequantizeLinear", "", &rows::dequantize_row, 10},
    {"DequantizeLinear", microsoft_domain, &rows::dequantize_row},
    {"DynamicQuantizeLinear", "", &rows::dynamic_quantize_row, 11},

    {"QLinearConv", "", &rows::qlinear_conv_row, 10},
    {"QLinearMatMul", "", &rows::qlinear_matmul_row, 10},
    {"QGemm", microsoft_domain, &rows::qgemm_row},
    {"ConvInteger", "", &rows::conv_integer_row, 10},
    {"MatMulInteger", "", &rows::matmul_integer_row, 10},
    {"MatMulIntegerToFloat", microsoft_domain, &rows::matmul_integer_to_float_row},
    {"DynamicQuantizeMatMul", microsoft_domain, &rows::dynamic_quantize_matmul_row},
    {"QLinearAdd", microsoft_domain, &rows::qlinear_binary_row<false>},
    {"QLinearMul", microsoft_domain, &rows::qlinear_binary_row<true>},
    {"QLinearConcat", microsoft_domain, &rows::qlinear_concat_row},
    {"QLinearWhere", microsoft_domain, &rows::qlinear_where_row},
    {"QLinearSigmoid", microsoft_domain, &rows::qlinear_unary_row<ops::qnn_logistic>},
    {"QLinearLeakyRelu", microsoft_domain, &rows::qlinear_unary_row<ops::qnn_leaky_relu>},
    {"QLinearSoftmax", microsoft_domain, &rows::qlinear_softmax_row},
    {"QLinearAveragePool", microsoft_domain, &rows::qlinear_average_pool_row},
    {"QLinearGlobalAveragePool", microsoft_domain, &rows::qlinear_global_average_pool_row},

    {"Conv", "", &rows::conv_row},
    {"ConvTranspose", "", &rows::conv_transpose_row},
    {"Gemm", "", &rows::gemm_row, 7},
    {"MatMul", "", &rows::matmul_row},
    {"Einsum", "", &rows::einsum_row, 12},
    {"FusedMatMul", microsoft_domain, &rows::fused_matmul_row},
    {"BatchNormalization", "", &rows::batch_normalization_row, 7},
    {"MaxPool", "", &rows::max_pool_row},
    {"AveragePool", "", &rows::average_pool_row},
    {"GlobalAveragePool", "", &rows::global_pool_row<false>},
    {"GlobalMaxPool", "", &rows::global_pool_row<true>},
    {"Resize", "", &rows::resize_row, 10},
    {"Upsample", "", &rows::resize_row},
    {"Softmax", "", &rows::softmax_row<ops::softmax>},
    {"LogSoftmax", "", &rows::softmax_row<ops::log_softmax>},

    {"Add", "", &rows::binary_row<ops::add>, 7},
    {"Sub", "", &rows::binary_row<ops::sub>, 7},
    {"Mul", "", &rows::binary_row<ops::mul>, 7},
    {"Div", "", &rows::binary_row<ops::div>, 7},
    {"Pow", "", &rows::pow_row, 7},
    {"Min", "", &rows::extreme_row<ops::minimum>},
    {"Max", "", &rows::extreme_row<ops::maximum>},
    {"Sum", "", &rows::fold_row<ops::add>},
    {"Mean", "", &rows::mean_row},
    {"Equal", "", &rows::compare_row<ops::equal>, 7},
    {"Less", "", &rows::compare_row<ops::less>, 7},
    {"LessOrEqual", "", &rows::compare_row<ops::less_equal>, 12},
    {"Greater", "", &rows::compare_row<ops::greater>, 7},
    {"GreaterOrEqual", "", &rows::compare_row<ops::greater_equal>, 12},
    {"And", "", &rows::compare_row<ops::logical_and>, 7},
    {"Or", "", &rows::compare_row<ops::logical_or>, 7},
    {"Not", "", &rows::not_row},
    {"Xor", "", &rows::compare_row<ops::not_equal>, 7},
    {"Mod", "", &rows::mod_row, 10},
    {"IsNaN", "", &rows::is_nan_row, 9},
    {"IsInf", "", &rows::is_inf_row, 10},
    {"Where", "", &rows::where_row, 9},

    {"Relu", "", &rows::relu_row},
    {"Clip", "", &rows::clip_row},
    {"LeakyRelu", "", &rows::slope_row<ops::leaky_relu>},
    {"Elu", "", &rows::slope_row<ops::elu>},
    {"PRelu", "", &rows::prelu_row, 7},
    {"ThresholdedRelu", "", &rows::activation_row},
    {"Selu", "", &rows::activation_row},
    {"Celu", "", &rows::activation_row, 12},
    {"Mish", "", &rows::activation_row, 18},
    {"Softplus", "", &rows::activation_row},
    {"Softsign", "", &rows::activation_row},
    {"Sigmoid", "", &rows::unary_row<ops::logistic>},
    {"Tanh", "", &rows::unary_row<ops::tanh>},
    {"HardSigmoid", "", &rows::hard_sigmoid_row},
    {"HardSwish", "", &rows::hard_swish_row, 14},
    {"Gelu", "", &rows::gelu_row, 20},
    {"Gelu", microsoft_domain, &rows::bias_gelu_row<false>},
    {"BiasGelu", microsoft_domain, &rows::bias_gelu_row<false>},
    {"FastGelu", microsoft_domain, &rows::bias_gelu_row<true>},
    {"QuickGelu", microsoft_domain, &rows::quick_gelu_row<false>},
    {"Swish", "", &rows::quick_gelu_row<true>, 24},
    {"LayerNormalization", "", &rows::layer_normalization_row<true>},
    {"SimplifiedLayerNormalization", "", &rows::layer_normalization_row<false>},
    {"Attention", "", &rows::onnx_attention_row, 23},
    {"RMSNormalization", "", &rows::layer_normalization_row<false>, 23},
    {"InstanceNormalization", "", &rows::instance_normalization_row},
    {"GroupNormalization", "", &rows::group_normalization_row, 18},
    {"LRN", "", &rows::local_response_row},
    {"LpNormalization", "", &rows::lp_normalization_row},
    {"SkipLayerNormalization", microsoft_domain, &rows::skip_layer_normalization_row<true>},
    {"SkipSimplifiedLayerNormalization", microsoft_domain,
     &rows::skip_layer_normalization_row<false>},
    {"QAttention", microsoft_domain, &rows::qattention_row},
    {"Attention", microsoft_domain, &rows::attention_row},
    {"MultiHeadAttention", microsoft_domain, &rows::multi_head_attention_row},
    {"MatMulNBits", microsoft_domain, &rows::matmul_nbits_row},
    {"GatherBlockQuantized", microsoft_domain, &rows::gather_blocks_row},
    {"GroupQueryAttention", microsoft_domain, &rows::group_query_attention_row},
    {"RotaryEmbedding", microsoft_domain, &rows::rotary_row},
    {"RotaryEmbedding", "", &rows::onnx_rotary_row, 23},
    {"QEmbedLayerNormalization", microsoft_domain, &rows::qembed_row},
    {"EmbedLayerNormalization", microsoft_domain, &rows::embed_row},
    {"LSTM", "", &rows::lstm_row<false>},
    {"DynamicQuantizeLSTM", microsoft_domain, &rows::lstm_row<true>},
    {"GRU", "", &rows::simple_recurrence_row<true>},
    {"RNN", "", &rows::simple_recurrence_row<false>},
    {"Erf", "", &rows::unary_row<ops::erf>, 9},
    {"Exp", "", &rows::unary_row<ops::exp>},
    {"Log", "", &rows::unary_row<ops::log>},
    {"Sqrt", "", &rows::unary_row<ops::sqrt>},
    {"Sin", "", &rows::unary_row<ops::sin>},
    {"Cos", "", &rows::unary_row<ops::cos>},
    {"Abs", "", &rows::unary_row<ops::abs>},
    {"Neg", "", &rows::neg_row},
    {"Floor", "", &rows::unary_row<ops::floor>},
    {"Ceil", "", &rows::unary_row<ops::ceil>},
    {"Round", "", &rows::unary_row<ops::round>, 11},
    {"Sign", "", &rows::sign_row, 9},
    {"Reciprocal", "", &rows::reciprocal_row},

    {"ReduceMean", "", &rows::reduce_row<ops::mean, 18>},
    {"ReduceSum", "", &rows::reduce_row<ops::sum, 13>},
    {"ReduceMax", "", &rows::reduce_row<ops::reduce_max, 18>},
    {"ReduceMin", "", &rows::reduce_row<ops::reduce_min, 18>},
    {"ReduceProd", "", &rows::reduce_row<ops::reduce_prod, 18>},
    {"ReduceL1", "", &rows::reduce_function_row},
    {"ReduceL2", "", &rows::reduce_function_row},
    {"ReduceSumSquare", "", &rows::reduce_function_row},
    {"ReduceLogSum", "", &rows::reduce_function_row},
    {"ReduceLogSumExp", "", &rows::reduce_function_row},
    {"ArgMax", "", &rows::arg_row},
    {"ArgMin", "", &rows::arg_row},
    {"CumSum", "", &rows::cumsum_row, 11},

    {"If", "", &rows::subgraphs_row},
    {"Loop", "", &rows::subgraphs_row},
    {"Scan", "", &rows::subgraphs_row, 8},

    {"SequenceConstruct", "", &rows::sequence_construct_row, 11},
    {"SequenceEmpty", "", &rows::sequence_empty_row, 11},
    {"SequenceAt", "", &rows::sequence_at_row, 11},
    {"SequenceInsert", "", &rows::sequence_insert_row, 11},
    {"SequenceErase", "", &rows::sequence_erase_row, 11},
    {"SequenceLength", "", &rows::sequence_length_row, 11},
    {"SplitToSequence", "", &rows::split_to_sequence_row, 11},
    {"ConcatFromSequence", "", &rows::concat_from_sequence_row, 11},
    {"SequenceMap", "", &rows::subgraphs_row, 17},

    {"Identity", "", &rows::identity_row},
    {"Dropout", "", &rows::dropout_row},
    {"Reshape", "", &rows::reshape_row},
    {"Flatten", "", &rows::flatten_row},
    {"Squeeze", "", &rows::squeeze_row},
    {"Unsqueeze", "", &rows::unsqueeze_row},
    {"Transpose", "", &rows::transpose_row},
    {"SpaceToDepth", "", &rows::blocks_row<true>},
    {"DepthToSpace", "", &rows::blocks_row<false>},
    {"Concat", "", &rows::concat_row},
    {"Slice", "", &rows::slice_row},
    {"Split", "", &rows::split_row},
    {"Gather", "", &rows::gather_row},
    {"GatherElements", "", &rows::gather_elements_row, 11},
    {"GatherND", "", &rows::gather_nd_row, 11},
    {"TopK", "", &rows::top_k_row},
    {"OneHot", "", &rows::one_hot_row, 9},
    {"ScatterND", "", &rows::scatter_nd_row, 11},
    {"ReverseSequence", "", &rows::reverse_sequence_row, 10},
    {"EyeLike", "", &rows::eye_like_row, 9},
    {"Expand", "", &rows::expand_row, 8},
    {"Tile", "", &rows::tile_row},
    {"Trilu", "", &rows::trilu_row, 14},
    {"Pad", "", &rows::pad_row},
    {"Shape", "", &rows::shape_row},
    {"Size", "", &rows::size_row},
    {"ConstantOfShape", "", &rows::constant_of_shape_row, 9},
    {"Range", "", &rows::range_row, 11},
    {"Cast", "", &rows::cast_row},
    {"CastLike", "", &rows::cast_like_row, 15},
};
inline const onnx_row* find_row(const node& n) {
  for (const onnx_row& r : onnx_rows)
    if (r.name == n.op && r.domain == n.domain) return &r;
  return nullptr;
}

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_HPP_
// ---- octet/import/onnx/symbols.hpp
// What the names of open extents stand for: one number each, in all inputs of a model.
#ifndef OCTET_IMPORT_ONNX_SYMBOLS_HPP_
#define OCTET_IMPORT_ONNX_SYMBOLS_HPP_


OCTET_NAMESPACE_BEGIN
namespace onnx_model {

class symbol_values {
 public:
  /// The input has this shape, of the rank that the file says. An error where a name has another
  /// number already.
  status bind(const value_info& v, const dims& shape) {
    for (std::size_t i = 0; i < v.symbols.size(); ++i) {
      const std::string& symbol = v.symbols[i];
      if (v.extents[i] >= 0 || symbol.empty()) continue;
      const std::int32_t number = shape[static_cast<int>(i)];
      const auto [it, added] = of_.emplace(symbol, bound{number, v.name});
      if (!added && it->second.number != number)
        return invalid("extent \"" + symbol + "\" of the inputs",
                       std::to_string(it->second.number) + " in \"" + it->second.input + "\", " +
                           std::to_string(number) + " in \"" + v.name + "\"",
                       "one number");
    }
    return unit{};
  }
  /// Gives the extents whose names have a number to a shape of the rank that the file says.
  void follow(const value_info& v, dims& shape) const {
    for (std::size_t i = 0; i < v.symbols.size(); ++i)
      if (const auto it = of_.find(v.symbols[i]); v.extents[i] < 0 && it != of_.end())
        shape[static_cast<int>(i)] = it->second.number;
  }

 private:
  struct bound {
    std::int32_t number;
    std::string input;  // the first that has it
  };
  std::map<std::string, bound> of_;
};

/// A shape that the file allows for this input.
inline bool fits(const value_info& v, const dims& shape) {
  if (!v.has_shape) return true;
  if (shape.rank != static_cast<int>(v.extents.size())) return false;
  for (std::size_t i = 0; i < v.extents.size(); ++i)
    if (v.extents[i] >= 0 && v.extents[i] != shape[static_cast<int>(i)]) return false;
  return true;
}
/// The shape of one run, of an array that holds several along a first axis that the file fixes; the
/// same shape where it is none.
inline dims one_of_several(const value_info& v, const dims& shape) {
  if (!v.has_shape || v.extents.empty() || shape.rank == 0 || v.extents[0] < 1 ||
      v.extents[0] > shape[0] || shape[0] % v.extents[0] != 0)
    return shape;
  dims one = shape;
  one[0] = static_cast<std::int32_t>(v.extents[0]);
  return fits(v, one) ? one : shape;
}

/// Changes those of `all`, shapes of inputs by name, that follow from the given ones.
inline status follow_symbols(const model& m, const std::vector<std::pair<std::string, dims>>& given,
                             std::vector<std::pair<std::string, dims>>& all) {
  symbol_values symbols;
  const auto input = [&](const std::string& name) -> const value_info* {
    for (const value_info& v : m.inputs)
      if (v.name == name) return &v;
    return nullptr;
  };
  for (const auto& [name, shape] : given)
    if (const value_info* v = input(name); v && v->has_shape && fits(*v, shape))
      if (auto s = symbols.bind(*v, shape); !s) return s;
  for (auto& [name, shape] : all)
    if (const value_info* v = input(name); v && v->has_shape && fits(*v, shape))
      symbols.follow(*v, shape);
  return unit{};
}

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_SYMBOLS_HPP_

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

/// A model, and what the loader makes of it whatever the shapes are.
struct fused_model {
  model m{};
  bool is_fused = false;       // the fuser has run
  std::vector<bool> needed{};  // nodes, then
};

class loader {
 public:
  /// `m`: as it was read, or as a loader before has left it. `kept`: of the same model.
  loader(std::shared_ptr<fused_model> m, const std::string& file,
         const import::onnx_options& options, std::size_t file_bytes, import::first_constants& kept)
      : main_{std::move(m)},
        options_(options),
        calls_(main_.m(), options.max, file_bytes, !options.as_written),
        builder_(file, law::onnxruntime, options.max, file_bytes),
        emit_(builder_, main_.m().opset) {
    place_.file = file;
    builder_.kept = &kept;
    emit_.run_subgraphs = [this](call& c) { return run_subgraphs(c); };
  }

  result<graph> run() {
    if (main_.m().opset < 1 || main_.m().opset > newest_opset)
      return place_.attach(unsupported("opset of ai.onnx", std::to_string(main_.m().opset),
                                       "1 to " + std::to_string(newest_opset)));
    if (main_.m().outputs.empty())
      return place_.attach(import::malformed("a graph without outputs"));
    // Nobody should look for shapes of a network that does not run anyway.
    if (auto s = expand(); !s) return place_.attach(s.error());
    if (auto s = inputs(); !s) return place_.attach(s.error());
    if (auto s = prepare(main_); !s) return place_.attach(s.error());
    if (auto s = translate(main_); !s) return place_.attach(s.error());
    for (const value_info& v : main_.m().outputs)
      if (auto s = output(v); !s) {
        place_.node = "output " + v.name;
        return place_.attach(s.error());
      }
    auto g = builder_.finish();
    if (!g) return place_.attach(g.error());
    return g;
  }

 private:
  /// The functions of the model in place of their calls; only operators that are known.
  status expand() {
    if (main_.of->is_fused) return unit{};
    if (auto s = check_nodes(main_.m().nodes, main_.m().opset); !s) return s;
    for (const function& f : main_.m().functions)
      if (auto s = check_nodes(f.nodes, f.opset != 0 ? f.opset : main_.m().opset); !s) return s;
    if (auto s = calls_.expand(); !s) return s;
    return check_operators(main_.m(), true);
  }
  /// That each operator is one of the opset, its attributes of their kinds.
  static status check_nodes(const std::vector<node>& nodes, std::int64_t opset) {
    for (const node& n : nodes) {
      const auto wrong = [&](error_info e) {
        return import::error_place{.node = name_of_node(n)}.attach(std::move(e));
      };
      if (const onnx_row* r = find_row(n); r && opset < r->since)
        return wrong(unsupported("an operator of a newer opset", "opset " + std::to_string(opset),
                                 std::to_string(r->since) + " and newer"));
      // Said before a group is made of it, in which its inputs stand elsewhere.
      for (const std::string_view layer : {"Conv", "ConvTranspose", "Gemm", "MatMul"})
        if (n.is(layer) && n.input(1).empty())
          return wrong(invalid("input 1", "absent", layer == "MatMul" ? "a matrix" : "weights"));
      for (const attribute_row& r : attribute_rows)
        if (const attribute* a = n.find(r.name); a && !a->may_be(r.kind))
          return wrong(invalid("attribute " + std::string(r.name), std::string(name_of(a->kind())),
                               std::string(name_of(r.kind))));
      for (const auto& [key, a] : n.attributes)
        if (a.graph)
          if (auto s = check_nodes(a.graph->nodes, opset); !s) return s;
    }
    return unit{};
  }

  static std::string name_of_node(const node& n) {
    const std::string name = !n.name.empty() ? n.name : n.out.empty() ? "" : n.out[0];
    return n.op + (name.empty() ? "" : " " + name);
  }

  /// A graph while it is translated: the model's own, or an attribute's.
  struct scope {
    std::shared_ptr<fused_model> of = std::make_shared<fused_model>();
    std::unordered_map<std::string, value> values{};
    std::vector<std::pair<std::string, value>> around{};  // of the graph around it
    std::string suffix{};                                 // of names, in a loop
    /// Who reads what nodes give; made when it is needed.
    std::optional<std::map<std::string, std::vector<const node*>>> readers{};

    model& m() const { return of->m; }
  };
  /// Groups of Q, DQ and an operator become one, and chains of float operators, unless the graph is
  /// to stay as written; what nobody needs is not translated.
  status prepare(scope& s) const {
    if (s.of->is_fused) return unit{};
    known_shapes shapes(s.m());
    if (auto f = fuser(s.m(), options_.max, shapes).run(options_.as_written); !f) return f;
    if (!options_.as_written)
      if (auto f = fuse_floats(s.m(), shapes); !f) return f;
    if (auto f = product_fuser(s.m()).run(); !f) return f;
    if (auto f = check_operators(s.m(), false); !f) return f;
    s.of->needed = needed_nodes(s.m());
    s.of->is_fused = true;
    return unit{};
  }
  /// Normalizations are looked for behind the moves of Transposes, but before them where the opset
  /// has LayerNormalization.
  static status fuse_floats(model& m, known_shapes& shapes) {
    constexpr std::int64_t layer_normalization = 17;
    if (m.opset >= layer_normalization)
      if (auto f = float_fuser(m, shapes).run(); !f) return f;
    if (auto f = reductions_before_transposes(m, shapes).run(); !f) return f;
    return m.opset >= layer_normalization ? status(unit{}) : float_fuser(m, shapes).run();
  }
  status translate(scope& s) {
    for (std::size_t i = 0; i < s.m().nodes.size(); ++i)
      if (s.of->needed[i])
        if (auto done = translate(s, s.m().nodes[i]); !done)
          return import::error_place{.node = name_of_node(s.m().nodes[i]) + s.suffix}.attach(
              done.error());
    return unit{};
  }

  /// Which of the given shapes each input has: by its name, else the next without one. Null: none.
  /// What the names of open extents stand for follows from them.
  result<std::vector<const dims*>> given_shapes() {
    std::vector<bool> used(options_.shapes.size(), false);
    std::vector<const dims*> list(main_.m().inputs.size(), nullptr);
    std::size_t in_order = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const value_info& v = main_.m().inputs[i];
      if (main_.m().constants.contains(v.name)) continue;
      for (std::size_t s = 0; s < used.size() && !list[i]; ++s)
        if (!v.name.empty() && options_.shapes[s].first == v.name) {
          used[s] = true;
          list[i] = &options_.shapes[s].second;
        }
      for (; in_order < used.size() && !list[i]; ++in_order)
        if (options_.shapes[in_order].first.empty()) {
          used[in_order] = true;
          list[i] = &options_.shapes[in_order].second;
        }
      if (list[i] && options_.only_open_extents)
        list[i] = &samples_.emplace_back(one_of_several(v, *list[i]));
      if (list[i] && v.has_shape && v.extents.size() <= dims::max_rank && fits(v, *list[i]))
        if (auto s = symbols_.bind(v, *list[i]); !s) return s.error();
    }
    for (std::size_t s = 0; s < used.size(); ++s)
      if (!used[s])
        return invalid("a shape is given for an input that does not exist",
                       options_.shapes[s].first);
    return list;
  }
  /// Inputs that have no initializer are the graph's.
  status inputs() {
    const auto given = given_shapes();
    if (!given) return given.error();
    for (std::size_t i = 0; i < given->size(); ++i) {
      const value_info& v = main_.m().inputs[i];
      if (v.name.empty()) return import::malformed("an input without a name");
      if (main_.m().constants.contains(v.name)) continue;
      if (main_.values.contains(v.name))
        return import::malformed("two inputs named \"" + v.name + "\"");
      if (!v.type)
        return unsupported("element type of input \"" + v.name + "\"", v.type_name,
                           "float, double, float16, integers of 8 to 64 bits, bool");
      auto shape = input_shape(v, (*given)[i]);
      if (!shape) return shape.error();
      octet::tensor t;
      t.name = v.name;
      t.type = *v.type;
      t.shape = *shape;
      const auto id = builder_.input(std::move(t));
      if (!id) return id.error();
      emit_.is_input(*id);
      value& given_value = main_.values[v.name];
      given_value = value::of(*id);
      if (!options_.as_written) given_value.order = channel_order::given;
    }
    return unit{};
  }
  /// The shape that is given; else what the file says, names of extents as other inputs have them.
  result<dims> input_shape(const value_info& v, const dims* given) const {
    std::string written;
    for (std::size_t i = 0; i < v.extents.size(); ++i)
      written += (i == 0 ? "" : ",") + (v.extents[i] >= 0      ? std::to_string(v.extents[i])
                                        : v.symbols[i].empty() ? "?"
                                                               : v.symbols[i]);
    const auto fail = [&](error_info e) {
      e.tensor = v.name;
      return e;
    };
    if (v.extents.size() > dims::max_rank)
      return fail(unsupported("rank of an input", std::to_string(v.extents.size()), "at most 8"));
    if (given && fits(v, *given)) return *given;
    if (given)
      return fail(
          invalid("shape of input \"" + v.name + "\"", to_string(*given), "[" + written + "]"));
    constexpr std::int32_t open = -1;
    dims d;
    for (std::int64_t e : v.extents) {
      if (e > INT32_MAX) return fail(import::malformed("extent of an input", std::to_string(e)));
      d.push_back(e < 0 ? open : static_cast<std::int32_t>(e));
    }
    symbols_.follow(v, d);
    if (!v.has_shape || std::find(d.begin(), d.end(), open) != d.end())
      return fail(invalid("the file leaves the shape of input \"" + v.name +
                              "\" open: give it, "
                              "for example --shape " +
                              v.name + "=1,3,224,224",
                          "[" + written + "]"));
    return d;
  }

  static std::vector<bool> needed_nodes(const graph_part& g) {
    std::map<std::string, std::size_t> from;
    for (std::size_t i = 0; i < g.nodes.size(); ++i)
      for (const std::string& o : g.nodes[i].out)
        if (!o.empty()) from[o] = i;
    std::vector<bool> needed(g.nodes.size(), false);
    const auto need = [&](const std::string& name) {
      if (const auto it = from.find(name); it != from.end()) needed[it->second] = true;
    };
    for (const value_info& v : g.outputs) need(v.name);
    for (std::size_t i = g.nodes.size(); i-- > 0;)
      if (needed[i])
        for (const std::string& name : g.nodes[i].in) need(name);
    return needed;
  }
  /// Constants stand among the nodes until the fuser has run. A branch that never runs may hold
  /// what it likes.
  static status check_operators(const graph_part& g, bool constants) {
    import::missing_operators missing;
    const std::vector<bool> needed = needed_nodes(g);
    for (std::size_t i = 0; i < g.nodes.size(); ++i) {
      const node& n = g.nodes[i];
      if (needed[i] && !find_row(n) && !(constants && n.is("Constant")))
        missing.add((n.domain.empty() ? "" : n.domain + "::") + n.op,
                    n.name.empty() ? (n.out.empty() ? "" : n.out[0]) : n.name);
    }
    return missing.check();
  }

  status translate(scope& s, const node& n) {
    call c{n, {}};
    if (auto spent = builder_.work.spend(1); !spent) return spent;
    for (const std::string& name : n.in) {
      auto v = find(s, name);
      if (!v) return v.error();
      // Many nodes may read one value with a long name.
      if (auto spent = builder_.work.spend(1 + name.size()); !spent) return spent;
      c.in.push_back(std::move(*v));
    }
    builder_.enter(name_of_node(n) + s.suffix);
    const std::size_t before = builder_.g.nodes.size();
    const auto first = static_cast<tensor_id>(builder_.g.tensors.size());
    for (const auto& [key, a] : n.attributes)
      if (a.unread) return unsupported("attribute " + key, "a list of tensors or graphs");
    const half_kernel how = half_kernel_of(s, c);
    if (how != half_kernel::moves)
      for (std::size_t i = 0; i < own_inputs(c); ++i)
        c.in[i] = emit_.as_float(c.in[i], how == half_kernel::none);
    if (casts(n) && !n.in.empty() && c.in[0].as_half == half::computed && !is_undone(s, c) &&
        !read_in_float(s, n.in[0]))
      c.in[0] = rounded(c.in[0]);
    find_row(n)->emit(emit_, c);
    for (std::size_t k = 0; k < c.out.size() && how != half_kernel::moves; ++k)
      give_half(c.out[k], how, k);
    if (casts(n) && !c.out.empty() && c.out[0].as_half == half::cast && cast_again(s, n.out[0]))
      c.out[0] = rounded(c.out[0]);
    if (emit_.failed()) return emit_.error();
    if (options_.as_written)  // ONNX Runtime folds no constants
      for (const value& v : c.out)
        if (v.id >= first) emit_.computed_at_every_run(v.id);
    order_results(s, c);
    if (!n.kept_float.empty())
      for (std::size_t i = before; i < builder_.g.nodes.size(); ++i)
        builder_.g.nodes[i].attrs.set("kept_float", n.kept_float);
    for (std::size_t k = 0; k < n.out.size(); ++k) {
      if (n.out[k].empty()) continue;
      if (k >= c.out.size())
        return unsupported("output " + std::to_string(k), n.out[k],
                           std::to_string(c.out.size()) + " outputs");
      const value& v = c.out[k];
      if (v.id != no_tensor && builder_.g[v.id].name.empty())
        builder_.g[v.id].name = n.out[k] + s.suffix;
      if (!s.values.emplace(n.out[k], v).second)
        return import::malformed("a value that two nodes give", n.out[k]);
    }
    return unit{};
  }

  /// Which results ONNX Runtime has in blocks of channels; none in a graph as it is written.
  void order_results(scope& s, call& c) {
    for (std::size_t k = 1; k < c.out.size(); ++k) c.out[k].order = channel_order::plain;
    if (c.out.empty()) return;
    const auto alone = [&] {
      const std::string& name = c.n.in[0];
      return !is_result(s, name) && readers_of(s)[name].size() == 1;
    };
    c.out[0].order = options_.as_written ? channel_order::plain : order_of_result(emit_, c, alone);
    const auto reaches = [&] { return reaches_layer(s, c.n.out[0]); };
    c.out[0].codes_last = !options_.as_written && holds_channels_last(emit_, c, reaches);
  }
  /// Whether a quantized convolution reads a value, or what nodes of codes make of it.
  static bool reaches_layer(scope& s, const std::string& name) {
    std::vector<const std::string*> open{&name};
    for (std::size_t i = 0; i < open.size() && i < 64; ++i)
      for (const node* n : readers_of(s)[*open[i]]) {
        if (n->is("QLinearConv")) return true;
        if ((waits_for_layer(*n) || n->op == "QLinearConcat" || n->is("MaxPool")) &&
            !n->out.empty())
          open.push_back(&n->out[0]);
      }
    return false;
  }

  // ---- float16 ----

  /// What ONNX Runtime's CPU has for float16 values of an operator.
  enum class half_kernel : std::uint8_t {
    none,    // it computes in float32 between casts of its own
    rounds,  // results are rounded
    moves    // elements as they are; also where nothing is float16
  };
  static half_kernel half_kernel_of(const node& n) {
    static constexpr std::string_view moves[] = {
        "Cast",     "CastLike", "Concat", "Expand", "Flatten", "Gather",          "GatherElements",
        "GatherND", "Identity", "If",     "Loop",   "Reshape", "ReverseSequence", "Scan",
        "Shape",    "Size",     "Slice",  "Split",  "Squeeze", "Transpose",       "Unsqueeze"};
    static constexpr std::string_view rounds[] = {"Clip",  "DequantizeLinear",   "IsInf",
                                                  "IsNaN", "LayerNormalization", "Max",
                                                  "Min",   "QuantizeLinear",     "RMSNormalization",
                                                  "Round", "ScatterND",          "Sign"};
    const auto among = [&](std::span<const std::string_view> list) {
      return std::find(list.begin(), list.end(), n.op) != list.end();
    };
    if (n.domain == microsoft_domain && n.op.starts_with("Skip")) return half_kernel::rounds;
    if (!n.domain.empty() && !is_dequantize(n) && !is_quantize(n)) return half_kernel::none;
    if (among(moves) || n.op.find("Sequence") != std::string::npos) return half_kernel::moves;
    return among(rounds) ? half_kernel::rounds : half_kernel::none;
  }
  half_kernel half_kernel_of(scope& s, const call& c) {
    const auto inputs = std::span(c.in).first(own_inputs(c));
    const bool any = std::any_of(inputs.begin(), inputs.end(), [&](const value& v) {
      return v.given() && emit_.type(v) == dtype::f16;
    });
    if (!any) return half_kernel::moves;
    const half_kernel own = half_kernel_of(c.n);
    return own != half_kernel::none && stands_alone(s, c) ? half_kernel::none : own;
  }
  /// A node among such that have no float16 kernel: it runs in float32 as well. Casts stay casts.
  bool stands_alone(scope& s, const call& c) {
    if (casts(c.n) || is_quantize(c.n) || c.n.op.starts_with("Is") || c.n.op == "Size" ||
        c.n.op == "Shape" || c.n.op.find("Sequence") != std::string::npos)
      return false;
    for (const auto& [key, a] : c.n.attributes)
      if (a.graph) return false;
    // ONNX Runtime looks at one value for each name in the operator's definition: the first of a
    // list of inputs or outputs.
    const auto first_of = [&](std::initializer_list<std::string_view> lists, std::size_t count) {
      const bool list = std::find(lists.begin(), lists.end(), c.n.op) != lists.end();
      return list ? std::min<std::size_t>(count, 1) : count;
    };
    bool fed = false;
    const std::size_t looked_at = first_of({"Concat", "Max", "Min"}, own_inputs(c));
    for (std::size_t i = 0; i < own_inputs(c); ++i) {
      if (!readers_of(s).contains(c.n.in[i])) continue;
      fed = true;
      if (i < looked_at && emit_.type(c.in[i]) == dtype::f16 && c.in[i].as_half != half::computed)
        return false;
    }
    for (const std::string& o : c.n.out)
      if (is_result(s, o)) return false;
    for (std::size_t k = 0; k < first_of({"Split"}, c.n.out.size()); ++k)
      for (const node* n : readers_of(s)[c.n.out[k]])
        if (half_kernel_of(*n) != half_kernel::none) return false;
    return fed;
  }
  static bool casts(const node& n) { return n.is("Cast") || n.is("CastLike"); }
  static bool is_result(const scope& s, const std::string& name) {
    const auto& all = s.m().outputs;
    return std::any_of(all.begin(), all.end(), [&](const auto& v) { return v.name == name; });
  }
  /// No float16 kernel reads the value, so that it never is one: the file's casts read what it was.
  static bool read_in_float(scope& s, const std::string& name) {
    const auto& all = readers_of(s)[name];
    return !is_result(s, name) && std::all_of(all.begin(), all.end(), [](const node* n) {
      return casts(*n) || half_kernel_of(*n) == half_kernel::none;
    });
  }
  /// A cast of the file to float32 that undoes one that ONNX Runtime has inserted, so that both go,
  /// whoever else reads the value: not where it gives a result of the graph.
  bool is_undone(const scope& s, const call& c) const {
    const bool real = c.n.is("Cast")
                          ? c.n.integer("to", undefined_data_type) == data_type_code("FLOAT")
                          : c.in.size() > 1 && emit_.type(c.in[1]) == dtype::f32;
    return real && !c.n.out.empty() && !is_result(s, c.n.out[0]);
  }
  /// Two casts of the file in a row: everybody reads what is between them.
  static bool cast_again(scope& s, const std::string& name) {
    const auto& all = readers_of(s)[name];
    return std::any_of(all.begin(), all.end(), [](const node* n) { return casts(*n); });
  }
  value rounded(const value& v) {
    const tensor_id x = emit_.held(v);
    return emit_.failed() ? v : value::of(x, v.channels_inner);
  }
  static std::map<std::string, std::vector<const node*>>& readers_of(scope& s) {
    if (s.readers) return *s.readers;
    auto& readers = s.readers.emplace();
    for (const node& n : s.m().nodes)
      for (const std::string& o : n.out)
        if (!o.empty()) readers[o];
    for (const node& n : s.m().nodes)
      for (const std::string& name : n.in)
        if (const auto it = readers.find(name); it != readers.end()) it->second.push_back(&n);
    return readers;
  }
  /// A result of a node that read float16.
  void give_half(value& v, half_kernel how, std::size_t k) {
    if (emit_.failed() || v.items || !v.given() || emit_.type(v) != dtype::f32) return;
    constexpr std::size_t sums = 3;  // of SkipLayerNormalization; means and deviations are float32
    if (how == half_kernel::rounds && k > 0 && k != sums) return;
    if (v.data) v = value::of(emit_.held(v, false));
    if (emit_.failed()) return;
    v.as_half = half::computed;
    if (how == half_kernel::rounds) v = rounded(v);
  }

  static result<value> find(const scope& s, const std::string& name) {
    if (name.empty()) return value{};
    if (const auto it = s.values.find(name); it != s.values.end()) return it->second;
    if (const auto it = s.m().constants.find(name); it != s.m().constants.end()) {
      value v;
      v.data = &it->second;
      v.name = name;
      return v;
    }
    return import::malformed("a value that nothing gives", name);
  }

  // ---- subgraphs ----

  /// The graph of an attribute, ready to be run. Values around it come along under their names.
  result<scope*> body_of(const call& c, const char* key, std::size_t inputs) {
    const attribute* a = c.n.find(key);
    if (!a || !a->graph) return invalid(std::string("attribute ") + key, "absent", "a graph");
    if (a->graph->inputs.size() != inputs)
      return invalid("inputs of the graph " + std::string(key),
                     std::to_string(a->graph->inputs.size()), std::to_string(inputs));
    scopes_.emplace_back();  // kept: values may lie in its constants
    scope& s = scopes_.back();
    static_cast<graph_part&>(s.m()) = *a->graph;
    s.m().opset = main_.m().opset;
    if (auto spent = builder_.work.spend(16 * (1 + s.m().nodes.size() + s.m().constants.size()));
        !spent)
      return spent.error();
    for (std::size_t k = 0; k < c.n.captures.size(); ++k) {
      const value& v = c.in[own_inputs(c) + k];
      const std::string& name = c.n.captures[k];
      if (v.data) {
        s.m().constants.emplace(name, *v.data);
      } else if (v.given()) {
        s.around.emplace_back(name, v);
        value_info outer;
        outer.name = name, outer.type = emit_.type(v);
        outer.dequantized = emit_.is_from_codes(v.id);
        s.m().inputs.push_back(std::move(outer));
      }
    }
    if (auto p = prepare(s); !p) return p.error();
    return &s;
  }
  static std::size_t own_inputs(const call& c) { return c.in.size() - c.n.captures.size(); }
  /// One run of a body: what its outputs are for these inputs.
  result<std::vector<value>> run(scope& s, const std::vector<value>& inputs, std::string suffix) {
    s.suffix = std::move(suffix);
    s.values.clear();
    for (const auto& [name, v] : s.around) s.values.emplace(name, v);
    for (std::size_t i = 0; i < inputs.size(); ++i)
      s.values.insert_or_assign(s.m().inputs[i].name, inputs[i]);
    for (auto& [name, v] : s.values)
      v.order = options_.as_written ? channel_order::plain : channel_order::given;
    if (auto t = translate(s); !t) return t.error();
    std::vector<value> results;
    for (const value_info& o : s.m().outputs) {
      auto v = find(s, o.name);
      if (!v) return v.error();
      results.push_back(std::move(*v));
    }
    return results;
  }
  status run_subgraphs(call& c) {
    if (c.n.op == "If") return run_if(c);
    if (c.n.op == "Loop") return run_loop(c);
    return c.n.op == "Scan" ? run_scan(c) : run_sequence_map(c);
  }
  /// A condition or a number of one element, where it is known now.
  std::optional<std::int64_t> known(const value& v) {
    if (!emit_.is_constant(v)) return {};
    const auto a = emit_.constant(v, "a condition");
    if (!a || a->elements() != 1) return {};
    if (a->type == dtype::boolean) return a->data.bytes[0] != std::byte{};
    if (a->type == dtype::s64) return a->as<std::int64_t>()[0];
    return {};
  }
  /// A branch; where only the input decides, both of them and a choice between their results.
  status run_if(call& c) {
    if (own_inputs(c) != 1 || !c.has(0) || emit_.type(c.in[0]) != dtype::boolean ||
        emit_.shape(c.in[0]).elements().value != 1)
      return invalid("the condition of If", {}, "one bool");
    const auto branch = [&](const char* key) -> result<std::vector<value>> {
      auto body = body_of(c, key, 0);
      if (!body) return body.error();
      auto y = run(**body, {}, {});
      if (y && y->size() != c.n.out.size())
        return invalid("results of " + std::string(key), std::to_string(y->size()),
                       std::to_string(c.n.out.size()));
      return y;
    };
    if (const auto condition = known(c.in[0])) {
      auto y = branch(*condition != 0 ? "then_branch" : "else_branch");
      if (!y) return y.error();
      c.out = std::move(*y);
      return unit{};
    }
    auto a = branch("then_branch");
    if (!a) return a.error();
    auto b = branch("else_branch");
    if (!b) return b.error();
    for (std::size_t i = 0; i < a->size(); ++i) {
      const dims x = emit_.shape((*a)[i]), y = emit_.shape((*b)[i]);
      if (!(x == y) || emit_.type((*a)[i]) != emit_.type((*b)[i]))
        return unsupported("If whose condition is computed at run time",
                           "branches that give " + to_string(x) + " and " + to_string(y),
                           "branches with results of one shape and element type");
    }
    const tensor_id condition = emit_.reshaped(emit_.held(c.in[0], false), dims{});
    for (std::size_t i = 0; i < a->size(); ++i) {
      const tensor_id x = emit_.held((*a)[i], false), y = emit_.held((*b)[i], false);
      c.out.push_back(value::of(emit_.chosen(condition, x, y)));
    }
    return emit_.failed() ? status(emit_.error()) : unit{};
  }
  /// Number of rounds, condition, values that go from round to round; the body adds the number of
  /// the round and the condition in front. Every round becomes nodes of its own.
  status run_loop(call& c) {
    const std::size_t own = own_inputs(c);
    if (own < 2) return invalid("inputs of Loop", std::to_string(own), "2 or more");
    auto body = body_of(c, "body", own);
    if (!body) return body.error();
    scope& s = **body;
    const std::size_t carried = own - 2, results = s.m().outputs.size();
    if (results < 1 + carried || results - 1 != c.n.out.size())
      return invalid("outputs of the graph body", std::to_string(results),
                     "1 more than those of Loop");
    std::optional<std::int64_t> rounds, more = 1;
    if (c.has(0) && !(rounds = known(c.in[0])))
      return unsupported("a number of rounds of Loop that is computed at run time", {},
                         "constants and what follows from shapes");
    const auto undecided = [] {
      return unsupported("a condition of Loop that is computed at run time", {},
                         "constants and what follows from shapes");
    };
    if (c.has(1) && !(more = known(c.in[1]))) return undecided();
    std::vector<value> now(c.in.begin() + 2, c.in.begin() + static_cast<std::ptrdiff_t>(own));
    std::vector<std::vector<value>> each(results - 1 - carried);
    for (std::int64_t k = 0; *more != 0 && (!rounds || k < *rounds); ++k) {
      if (auto spent = builder_.work.spend(64); !spent) return spent;
      const std::uint8_t yes = 1;
      std::vector<value> in{
          value::of(builder_.scalar_constant(k)),
          value::of(builder_.g.add_constant(
              "", dtype::boolean, {}, constant_data::of(std::span<const std::uint8_t>(&yes, 1))))};
      in.insert(in.end(), now.begin(), now.end());
      auto y = run(s, in, " #" + std::to_string(k));
      if (!y) return y.error();
      if (!(more = known((*y)[0]))) return undecided();
      now.assign(y->begin() + 1, y->begin() + 1 + static_cast<std::ptrdiff_t>(carried));
      for (std::size_t i = 0; i < each.size(); ++i) each[i].push_back((*y)[1 + carried + i]);
    }
    c.out = std::move(now);
    return collect(c, each, {});
  }
  status collect(call& c, const std::vector<std::vector<value>>& each,
                 const std::vector<std::int64_t>& axes) {
    for (std::size_t i = 0; i < each.size(); ++i) {
      const std::string& name = c.n.out[c.out.size()];
      if (each[i].empty() && !name.empty())
        return unsupported("results of a loop of no rounds", name, "one round or more");
      c.out.push_back(name.empty() ? value{}
                                   : rows::stacked(emit_, each[i], axes.empty() ? 0 : axes[i]));
    }
    return emit_.failed() ? status(emit_.error()) : unit{};
  }
  /// A number for each value that Scan runs over; left out: zeros.
  std::vector<std::int64_t> scan_numbers(const call& c, const char* key, std::size_t count) {
    auto v = emit_.integers(c, key);
    if (v.empty()) v.assign(count, 0);
    if (v.size() != count)
      emit_.broken(std::string("attribute ") + key, std::to_string(v.size()) + " numbers");
    return v;
  }
  /// The slice at `at` of an axis, that axis gone.
  value without_axis(tensor_id x, int axis, std::int32_t at) {
    const tensor_id piece = rows::part_of_axis(emit_, x, as_size(axis), at, 1);
    if (emit_.failed()) return {};
    dims rest;
    for (int d = 0; d < emit_.tensor_of(piece).shape.rank; ++d)
      if (d != axis) rest.push_back(emit_.tensor_of(piece).shape[d]);
    return value::of(emit_.reshaped(piece, rest));
  }
  /// What each round of a Scan reads one slice of, and what becomes of its results.
  struct scanning {
    std::vector<tensor_id> from{};
    std::vector<int> axis{};
    std::vector<std::int64_t> in_back{}, out_back{};
    std::int32_t rounds = -1;
  };
  void add_scanned(scanning& to, const value& v, std::int64_t at) {
    const int axis = emit_.axis(at, emit_.rank(v));
    const tensor_id x = emit_.held(v, false);
    if (emit_.failed()) return;
    const std::int32_t extent = emit_.shape(v)[axis];
    if (to.rounds >= 0 && extent != to.rounds)
      emit_.broken("extents that Scan runs over", std::to_string(extent),
                   std::to_string(to.rounds));
    to.from.push_back(x), to.axis.push_back(axis), to.rounds = extent;
  }
  /// All rounds: `now` goes from one to the next, `each` collects their other results.
  status scan(scope& s, const scanning& a, std::vector<value>& now,
              std::vector<std::vector<value>>& each, const std::string& suffix) {
    const std::size_t carried = now.size();
    for (std::int32_t k = 0; k < a.rounds; ++k) {
      std::vector<value> in = now;
      for (std::size_t i = 0; i < a.from.size(); ++i) {
        in.push_back(without_axis(a.from[i], a.axis[i], a.in_back[i] != 0 ? a.rounds - 1 - k : k));
        if (emit_.failed()) return emit_.error();
      }
      auto y = run(s, in, suffix + " #" + std::to_string(k));
      if (!y) return y.error();
      now.assign(y->begin(), y->begin() + static_cast<std::ptrdiff_t>(carried));
      for (std::size_t i = 0; i < each.size(); ++i)
        each[i].insert(a.out_back[i] != 0 ? each[i].begin() : each[i].end(), (*y)[carried + i]);
    }
    return unit{};
  }
  /// Values that go from round to round, then those of which each round reads one slice.
  status run_scan(call& c) {
    const bool batches = main_.m().opset < 9;  // behind lengths of sequences
    const std::size_t first = batches ? 1 : 0, own = own_inputs(c);
    if (own < first) return invalid("inputs of Scan", "0");
    auto body = body_of(c, "body", own - first);
    if (!body) return body.error();
    const std::int64_t scanned = emit_.integer(c, "num_scan_inputs", 0);
    if (scanned < 1 || as_size(scanned) > own - first)
      return invalid("attribute num_scan_inputs", std::to_string(scanned));
    const std::size_t count = as_size(scanned), carried = own - first - count,
                      results = (*body)->m().outputs.size();
    if (results < carried || results != c.n.out.size())
      return invalid("outputs of Scan and its body", std::to_string(results),
                     std::to_string(c.n.out.size()));
    if (batches) return scan_batches(c, **body, carried, count);
    const std::size_t more = results - carried;
    const auto in_axes = scan_numbers(c, "scan_input_axes", count),
               out_axes = scan_numbers(c, "scan_output_axes", more);
    scanning a;
    a.in_back = scan_numbers(c, "scan_input_directions", count);
    a.out_back = scan_numbers(c, "scan_output_directions", more);
    for (std::size_t i = 0; i < count && !emit_.failed(); ++i)
      add_scanned(a, c.in[carried + i], in_axes[i]);
    if (emit_.failed()) return emit_.error();
    std::vector<value> now(c.in.begin(), c.in.begin() + static_cast<std::ptrdiff_t>(carried));
    std::vector<std::vector<value>> each(more);
    if (auto s = scan(**body, a, now, each, {}); !s) return s;
    c.out = std::move(now);
    return collect(c, each, out_axes);
  }
  /// Opset 8: everything has an axis of batches in front, and each batch is a scan of its own.
  status scan_batches(call& c, scope& body, std::size_t carried, std::size_t count) {
    if (c.has(0)) return unsupported("lengths of sequences in Scan", c.n.in[0], "none");
    const std::size_t results = c.n.out.size();
    std::vector<tensor_id> all;
    for (std::size_t i = 1; i <= carried + count; ++i) {
      emit_.axis(0, emit_.rank(c.in[i]));
      all.push_back(emit_.held(c.in[i], false));
      if (emit_.failed()) return emit_.error();
    }
    const std::int32_t batch = emit_.tensor_of(all[0]).shape[0];
    for (const tensor_id x : all)
      if (emit_.tensor_of(x).shape[0] != batch)
        return invalid("batches of Scan", std::to_string(emit_.tensor_of(x).shape[0]),
                       std::to_string(batch));
    std::vector<std::vector<value>> each(results);
    for (std::int32_t b = 0; b < batch; ++b) {
      scanning a;
      a.in_back = scan_numbers(c, "directions", count);
      a.out_back.assign(results - carried, 0);
      std::vector<value> now;
      for (std::size_t i = 0; i < all.size() && !emit_.failed(); ++i) {
        const value v = without_axis(all[i], 0, b);
        if (i < carried)
          now.push_back(v);
        else if (!emit_.failed())
          add_scanned(a, v, 0);
      }
      if (emit_.failed()) return emit_.error();
      call one{c.n, {}};
      std::vector<std::vector<value>> rounds(results - carried);
      if (auto s = scan(body, a, now, rounds, " #" + std::to_string(b)); !s) return s;
      one.out = std::move(now);
      if (auto s = collect(one, rounds, {}); !s) return s;
      for (std::size_t i = 0; i < results; ++i) each[i].push_back(one.out[i]);
    }
    return collect(c, each, {});
  }
  /// A body for each place of a sequence; what is no sequence itself is the same in all of them.
  status run_sequence_map(call& c) {
    const std::size_t own = own_inputs(c);
    if (own < 1 || !c.in[0].items) return invalid("input 0 of SequenceMap", {}, "a sequence");
    auto body = body_of(c, "body", own);
    if (!body) return body.error();
    if ((*body)->m().outputs.size() != c.n.out.size())
      return invalid("outputs of the graph body", std::to_string((*body)->m().outputs.size()),
                     std::to_string(c.n.out.size()));
    std::vector<std::vector<value>> each(c.n.out.size());
    const std::size_t count = c.in[0].items->size();
    for (std::size_t k = 0; k < count; ++k) {
      if (auto spent = builder_.work.spend(64); !spent) return spent;
      std::vector<value> in;
      for (std::size_t i = 0; i < own; ++i) {
        const value& v = c.in[i];
        if (v.items && v.items->size() != count)
          return invalid("tensors of a sequence of SequenceMap", std::to_string(v.items->size()),
                         std::to_string(count));
        in.push_back(v.items ? (*v.items)[k] : v);
      }
      auto y = run(**body, in, " #" + std::to_string(k));
      if (!y) return y.error();
      for (std::size_t i = 0; i < each.size(); ++i) each[i].push_back((*y)[i]);
    }
    for (std::vector<value>& list : each) {
      value v;
      v.items = std::make_shared<const std::vector<value>>(std::move(list));
      c.out.push_back(std::move(v));
    }
    return unit{};
  }

  /// Outputs leave in ONNX's order of axes.
  status output(const value_info& o) {
    auto v = find(main_, o.name);
    if (!v) return v.error();
    builder_.enter("output " + o.name);
    tensor_id id = emit_.held(*v, false);
    if (emit_.failed()) return emit_.error();
    auto& g = builder_.g;
    const bool taken = std::find(g.outputs.begin(), g.outputs.end(), id) != g.outputs.end() ||
                       std::find(g.inputs.begin(), g.inputs.end(), id) != g.inputs.end();
    // An input that is a result too, or one result under two names.
    if (taken && g[id].name != o.name) {
      id = emit_.alias(id, {g[id].scales, g[id].zero_points, g[id].axis}, g[id].axis);
      if (emit_.failed()) return emit_.error();
      g[id].name = o.name;
    } else if (g[id].name != o.name) {  // the layout changed last: the file's name goes with it
      if (v->id != no_tensor && v->id != id && g[v->id].name == o.name)
        g[v->id].name += v->as_half != half::no ? "/float32" : "/channels_inner";
      g[id].name = o.name;
    }
    g.outputs.push_back(id);
    return unit{};
  }

  scope main_;
  std::deque<scope> scopes_;
  symbol_values symbols_;     // of the inputs whose shapes are given
  std::deque<dims> samples_;  // shapes that are given, for one run
  const import::onnx_options& options_;
  function_calls calls_;
  import::error_place place_;
  import::graph_builder builder_;
  emitter emit_;
};

}  // namespace onnx_model

namespace import {
namespace detail {

struct onnx_source {
  std::shared_ptr<onnx_model::fused_model> model;
  std::string name;
  onnx_options options;
  std::size_t bytes;  // of the file

  result<graph> graph_for(const named_shapes& shapes, first_constants& kept) {
    options.shapes = shapes;
    auto g = onnx_model::loader(model, name, options, bytes, kept).run();
    options.only_open_extents = false;  // what a session is to be resized to is no sample
    return g;
  }
  status follow(const named_shapes& given, named_shapes& all) const {
    return onnx_model::follow_symbols(model->m, given, all);
  }
};
inline result<graph> load_onnx(std::span<const std::byte> bytes, const std::string& folder,
                               const std::string& name, const onnx_options& options) {
  auto m = onnx_model::read_model(bytes, folder, options.max);
  if (!m) {
    error_place place;
    place.file = name;
    return place.attach(m.error());
  }
  auto model = std::make_shared<onnx_model::fused_model>();
  model->m = std::move(*m);
  return load_from(onnx_source{std::move(model), name, options, bytes.size()}, options.shapes);
}

}  // namespace detail

OCTET_INLINE result<graph> try_onnx(const std::string& path, const onnx_options& options) {
  auto file = map_file(path, options.max);
  if (!file) return file.error();
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return with_memory_errors(path, [&] {
    return detail::load_onnx(file->bytes, folder.empty() ? "." : folder, path, options);
  });
}
OCTET_INLINE result<graph> try_onnx(std::span<const std::byte> bytes, const std::string& name,
                                    const onnx_options& options) {
  return with_memory_errors(name, [&] { return detail::load_onnx(bytes, {}, name, options); });
}

OCTET_INLINE std::vector<std::string> onnx_operators() {
  std::vector<std::string> list;
  for (const onnx_model::onnx_row& r : onnx_model::onnx_rows)
    list.push_back(std::string(r.domain) + (r.domain.empty() ? "" : "::") + std::string(r.name));
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_LOADER_HPP_
#endif

#endif  // OCTET_IMPORT_ONNX_HPP_
#endif  // OCTET_SINGLE_HPP_
