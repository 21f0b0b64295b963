// octet 0.1.0: octet/import/tflite.hpp for the single header, which it includes. Made by single_include/amalgamate.py; do not edit.
// Needs octet.hpp beside it and FlatBuffers (headers only).
// SPDX-License-Identifier: Apache-2.0
#if !defined(OCTET_SINGLE_FILE)
#define OCTET_SINGLE_FILE "octet.hpp"
#endif
#include OCTET_SINGLE_FILE
#if defined(OCTET_SINGLE_HPP_)
// Loader for TensorFlow Lite files. Needs the FlatBuffers runtime (header-only use).
#ifndef OCTET_IMPORT_TFLITE_HPP_
#define OCTET_IMPORT_TFLITE_HPP_

#include <string>
#include <utility>
#include <vector>

// ---- octet/import/tflite/options.hpp
// What a caller can ask of the TFLite loader.
#ifndef OCTET_IMPORT_TFLITE_OPTIONS_HPP_
#define OCTET_IMPORT_TFLITE_OPTIONS_HPP_

#include <span>
#include <string>
#include <utility>
#include <vector>


OCTET_NAMESPACE_BEGIN
namespace import {

struct tflite_options {
  law arithmetic = law::tflite_ref;                  // or tflite_xnnpack
  std::vector<std::pair<std::string, dims>> shapes;  // replaces the shape of the named input
  bool only_open_extents = false;  // `shapes` may replace only extents that the file leaves open
  std::string signature;  // which of the file's signatures to run; empty: its first subgraph
  /// More operators, for the file's custom ones: found by the custom name, before octet's own. They
  /// get the file's custom options as attributes, where these are a FlexBuffers map of numbers,
  /// texts and lists of numbers.
  std::span<const op_def* const> operators{};
  limits max{};
};

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_OPTIONS_HPP_

OCTET_NAMESPACE_BEGIN
namespace import {

/// Reads a .tflite file (schema version 3, first subgraph) into a graph. Errors name file,
/// operator, tensor, what was found and what is supported.
result<graph> try_tflite(const std::string& path, const tflite_options& options = {});
/// The same from bytes in memory (copied); `name` stands for the file in messages.
result<graph> try_tflite(std::span<const std::byte> bytes, const std::string& name,
                         const tflite_options& options = {});
/// What the loader takes, sorted: builtin operators as the schema names them, custom ones as files
/// do.
std::vector<std::string> tflite_operators();
/// Builtin operators that the loader refuses and why, sorted by name.
std::vector<std::pair<std::string, std::string>> tflite_refused_operators();
#if defined(__cpp_exceptions)
inline graph tflite(const std::string& path, const tflite_options& options = {}) {
  return value_or_throw(try_tflite(path, options));
}
#endif

}  // namespace import
OCTET_NAMESPACE_END

#if OCTET_HAS_IMPORT_DEFINITIONS
// ---- octet/import/tflite/loader.hpp
// Definitions of the TFLite loader. Included by tflite.hpp unless the build links octet::compiled.
#ifndef OCTET_IMPORT_TFLITE_LOADER_HPP_
#define OCTET_IMPORT_TFLITE_LOADER_HPP_

#include <algorithm>
#include <map>
#include <set>

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
// ---- octet/import/tflite/context.hpp
// What a row of the TFLite loader works with: one operator of the file, and the graph under
// construction.
#ifndef OCTET_IMPORT_TFLITE_CONTEXT_HPP_
#define OCTET_IMPORT_TFLITE_CONTEXT_HPP_

// ---- octet/import/tflite/builtin_operators.hpp
// BuiltinOperator of the TFLite schema: names in the order of their codes, also of those that octet
// has no form of, so that errors can name them.
#ifndef OCTET_IMPORT_TFLITE_BUILTIN_OPERATORS_HPP_
#define OCTET_IMPORT_TFLITE_BUILTIN_OPERATORS_HPP_

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>


OCTET_NAMESPACE_BEGIN
namespace import::tflite_schema {

inline constexpr std::string_view builtin_operators[] = {
    "ADD",
    "AVERAGE_POOL_2D",
    "CONCATENATION",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "DEPTH_TO_SPACE",
    "DEQUANTIZE",
    "EMBEDDING_LOOKUP",
    "FLOOR",
    "FULLY_CONNECTED",
    "HASHTABLE_LOOKUP",
    "L2_NORMALIZATION",
    "L2_POOL_2D",
    "LOCAL_RESPONSE_NORMALIZATION",
    "LOGISTIC",
    "LSH_PROJECTION",
    "LSTM",
    "MAX_POOL_2D",
    "MUL",
    "RELU",
    "RELU_N1_TO_1",
    "RELU6",
    "RESHAPE",
    "RESIZE_BILINEAR",
    "RNN",
    "SOFTMAX",
    "SPACE_TO_DEPTH",
    "SVDF",
    "TANH",
    "CONCAT_EMBEDDINGS",
    "SKIP_GRAM",
    "CALL",
    "CUSTOM",
    "EMBEDDING_LOOKUP_SPARSE",
    "PAD",
    "UNIDIRECTIONAL_SEQUENCE_RNN",
    "GATHER",
    "BATCH_TO_SPACE_ND",
    "SPACE_TO_BATCH_ND",
    "TRANSPOSE",
    "MEAN",
    "SUB",
    "DIV",
    "SQUEEZE",
    "UNIDIRECTIONAL_SEQUENCE_LSTM",
    "STRIDED_SLICE",
    "BIDIRECTIONAL_SEQUENCE_RNN",
    "EXP",
    "TOPK_V2",
    "SPLIT",
    "LOG_SOFTMAX",
    "DELEGATE",
    "BIDIRECTIONAL_SEQUENCE_LSTM",
    "CAST",
    "PRELU",
    "MAXIMUM",
    "ARG_MAX",
    "MINIMUM",
    "LESS",
    "NEG",
    "PADV2",
    "GREATER",
    "GREATER_EQUAL",
    "LESS_EQUAL",
    "SELECT",
    "SLICE",
    "SIN",
    "TRANSPOSE_CONV",
    "SPARSE_TO_DENSE",
    "TILE",
    "EXPAND_DIMS",
    "EQUAL",
    "NOT_EQUAL",
    "LOG",
    "SUM",
    "SQRT",
    "RSQRT",
    "SHAPE",
    "POW",
    "ARG_MIN",
    "FAKE_QUANT",
    "REDUCE_PROD",
    "REDUCE_MAX",
    "PACK",
    "LOGICAL_OR",
    "ONE_HOT",
    "LOGICAL_AND",
    "LOGICAL_NOT",
    "UNPACK",
    "REDUCE_MIN",
    "FLOOR_DIV",
    "REDUCE_ANY",
    "SQUARE",
    "ZEROS_LIKE",
    "FILL",
    "FLOOR_MOD",
    "RANGE",
    "RESIZE_NEAREST_NEIGHBOR",
    "LEAKY_RELU",
    "SQUARED_DIFFERENCE",
    "MIRROR_PAD",
    "ABS",
    "SPLIT_V",
    "UNIQUE",
    "CEIL",
    "REVERSE_V2",
    "ADD_N",
    "GATHER_ND",
    "COS",
    "WHERE",
    "RANK",
    "ELU",
    "REVERSE_SEQUENCE",
    "MATRIX_DIAG",
    "QUANTIZE",
    "MATRIX_SET_DIAG",
    "ROUND",
    "HARD_SWISH",
    "IF",
    "WHILE",
    "NON_MAX_SUPPRESSION_V4",
    "NON_MAX_SUPPRESSION_V5",
    "SCATTER_ND",
    "SELECT_V2",
    "DENSIFY",
    "SEGMENT_SUM",
    "BATCH_MATMUL",
    "PLACEHOLDER_FOR_GREATER_OP_CODES",
    "CUMSUM",
    "CALL_ONCE",
    "BROADCAST_TO",
    "RFFT2D",
    "CONV_3D",
    "IMAG",
    "REAL",
    "COMPLEX_ABS",
    "HASHTABLE",
    "HASHTABLE_FIND",
    "HASHTABLE_IMPORT",
    "HASHTABLE_SIZE",
    "REDUCE_ALL",
    "CONV_3D_TRANSPOSE",
    "VAR_HANDLE",
    "READ_VARIABLE",
    "ASSIGN_VARIABLE",
    "BROADCAST_ARGS",
    "RANDOM_STANDARD_NORMAL",
    "BUCKETIZE",
    "RANDOM_UNIFORM",
    "MULTINOMIAL",
    "GELU",
    "DYNAMIC_UPDATE_SLICE",
    "RELU_0_TO_1",
    "UNSORTED_SEGMENT_PROD",
    "UNSORTED_SEGMENT_MAX",
    "UNSORTED_SEGMENT_SUM",
    "ATAN2",
    "UNSORTED_SEGMENT_MIN",
    "SIGN",
    "BITCAST",
    "BITWISE_XOR",
    "RIGHT_SHIFT",
    "STABLEHLO_LOGISTIC",
    "STABLEHLO_ADD",
    "STABLEHLO_DIVIDE",
    "STABLEHLO_MULTIPLY",
    "STABLEHLO_MAXIMUM",
    "STABLEHLO_RESHAPE",
    "STABLEHLO_CLAMP",
    "STABLEHLO_CONCATENATE",
    "STABLEHLO_BROADCAST_IN_DIM",
    "STABLEHLO_CONVOLUTION",
    "STABLEHLO_SLICE",
    "STABLEHLO_CUSTOM_CALL",
    "STABLEHLO_REDUCE",
    "STABLEHLO_ABS",
    "STABLEHLO_AND",
    "STABLEHLO_COSINE",
    "STABLEHLO_EXPONENTIAL",
    "STABLEHLO_FLOOR",
    "STABLEHLO_LOG",
    "STABLEHLO_MINIMUM",
    "STABLEHLO_NEGATE",
    "STABLEHLO_OR",
    "STABLEHLO_POWER",
    "STABLEHLO_REMAINDER",
    "STABLEHLO_RSQRT",
    "STABLEHLO_SELECT",
    "STABLEHLO_SUBTRACT",
    "STABLEHLO_TANH",
    "STABLEHLO_SCATTER",
    "STABLEHLO_COMPARE",
    "STABLEHLO_CONVERT",
    "STABLEHLO_DYNAMIC_SLICE",
    "STABLEHLO_DYNAMIC_UPDATE_SLICE",
    "STABLEHLO_PAD",
    "STABLEHLO_IOTA",
    "STABLEHLO_DOT_GENERAL",
    "STABLEHLO_REDUCE_WINDOW",
    "STABLEHLO_SORT",
    "STABLEHLO_WHILE",
    "STABLEHLO_GATHER",
    "STABLEHLO_TRANSPOSE",
    "DILATE",
    "STABLEHLO_RNG_BIT_GENERATOR",
    "REDUCE_WINDOW",
    "STABLEHLO_COMPOSITE",
    "STABLEHLO_SHIFT_LEFT",
    "STABLEHLO_CBRT",
    "STABLEHLO_CASE",
};
/// Empty for codes that the schema does not have.
constexpr std::string_view builtin_name(std::int32_t code) {
  return code >= 0 && as_size(code) < std::size(builtin_operators) ? builtin_operators[code]
                                                                   : std::string_view();
}
void not_a_builtin_operator_of_the_schema();  // never defined: calls of it do not compile
/// The code of a builtin operator; a name that is not one does not compile.
consteval std::int32_t builtin_code(std::string_view name) {
  const auto* at = std::find(std::begin(builtin_operators), std::end(builtin_operators), name);
  if (at == std::end(builtin_operators)) not_a_builtin_operator_of_the_schema();
  return static_cast<std::int32_t>(at - std::begin(builtin_operators));
}

}  // namespace import::tflite_schema
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_BUILTIN_OPERATORS_HPP_
// ---- octet/import/tflite/schema.hpp
// The part of the TFLite FlatBuffers schema that octet reads. Every access goes through the
// Verifier first.
#ifndef OCTET_IMPORT_TFLITE_SCHEMA_HPP_
#define OCTET_IMPORT_TFLITE_SCHEMA_HPP_

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

// ---- octet/import/tflite/operator_options.hpp
// Options of operators as the TFLite schema has them: one struct a table. `fields` lists the
// members in the schema's order, which gives their ids; the members' initial values are the
// schema's defaults.
#ifndef OCTET_IMPORT_TFLITE_OPERATOR_OPTIONS_HPP_
#define OCTET_IMPORT_TFLITE_OPERATOR_OPTIONS_HPP_

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>


OCTET_NAMESPACE_BEGIN
namespace import {

/// ActivationFunctionType.
enum class tflite_activation : std::int8_t {
  none = 0,
  relu = 1,
  relu_n1_to_1 = 2,
  relu6 = 3,
  tanh = 4,
  sign_bit = 5
};

namespace tflite_schema {

enum class tensor_type : std::int8_t;  // schema.hpp

/// Padding.
enum class padding_scheme : std::int8_t { same = 0, valid = 1 };
/// FullyConnectedOptionsWeightsFormat.
enum class weights_format : std::int8_t { plain = 0, shuffled4x16_int8 = 1 };

/// In `fields`: one that octet does not read.
struct unread_field {};
inline constexpr unread_field unread{};

struct conv_2d_options {
  padding_scheme padding = padding_scheme::same;
  std::int32_t stride_w = 0, stride_h = 0;
  tflite_activation activation = tflite_activation::none;
  std::int32_t dilation_w = 1, dilation_h = 1;
  tensor_type bias_type{};  // float32: not said
  static constexpr auto fields = std::tuple{
      &conv_2d_options::padding,    &conv_2d_options::stride_w,   &conv_2d_options::stride_h,
      &conv_2d_options::activation, &conv_2d_options::dilation_w, &conv_2d_options::dilation_h,
      &conv_2d_options::bias_type};
};
struct depthwise_conv_2d_options {
  padding_scheme padding = padding_scheme::same;
  std::int32_t stride_w = 0, stride_h = 0;
  tflite_activation activation = tflite_activation::none;
  std::int32_t dilation_w = 1, dilation_h = 1;
  static constexpr auto fields = std::tuple{&depthwise_conv_2d_options::padding,
                                            &depthwise_conv_2d_options::stride_w,
                                            &depthwise_conv_2d_options::stride_h,
                                            unread /* depth_multiplier: the weights' shape says */,
                                            &depthwise_conv_2d_options::activation,
                                            &depthwise_conv_2d_options::dilation_w,
                                            &depthwise_conv_2d_options::dilation_h};
};
struct transpose_conv_options {
  padding_scheme padding = padding_scheme::same;  // laws ask: the output says what is padded
  std::int32_t stride_w = 0, stride_h = 0;
  tflite_activation activation = tflite_activation::none;
  tensor_type bias_type{};  // of an absent bias too; float32: not said
  static constexpr auto fields =
      std::tuple{&transpose_conv_options::padding, &transpose_conv_options::stride_w,
                 &transpose_conv_options::stride_h, &transpose_conv_options::activation,
                 &transpose_conv_options::bias_type};
};
struct fully_connected_options {
  tflite_activation activation = tflite_activation::none;
  weights_format format = weights_format::plain;
  bool keep_num_dims = false, asymmetric_quantize_inputs = false;
  tensor_type bias_type{};  // of an absent bias too; float32: not said
  static constexpr auto fields = std::tuple{
      &fully_connected_options::activation, &fully_connected_options::format,
      &fully_connected_options::keep_num_dims, &fully_connected_options::asymmetric_quantize_inputs,
      &fully_connected_options::bias_type};
};
struct batch_matmul_options {
  bool adj_x = false, adj_y = false, asymmetric_quantize_inputs = false;
  static constexpr auto fields =
      std::tuple{&batch_matmul_options::adj_x, &batch_matmul_options::adj_y,
                 &batch_matmul_options::asymmetric_quantize_inputs};
};
struct pool_2d_options {
  padding_scheme padding = padding_scheme::same;
  std::int32_t stride_w = 0, stride_h = 0, filter_width = 0, filter_height = 0;
  tflite_activation activation = tflite_activation::none;
  static constexpr auto fields =
      std::tuple{&pool_2d_options::padding,       &pool_2d_options::stride_w,
                 &pool_2d_options::stride_h,      &pool_2d_options::filter_width,
                 &pool_2d_options::filter_height, &pool_2d_options::activation};
};
struct reducer_options {
  bool keep_dims = false;
  static constexpr auto fields = std::tuple{&reducer_options::keep_dims};
};
/// AddOptions, SubOptions.
struct sum_options {
  tflite_activation activation = tflite_activation::none;
  bool by_shifts = true;  // int16 with scales that are powers of two
  static constexpr auto fields = std::tuple{&sum_options::activation, &sum_options::by_shifts};
};
/// MulOptions, DivOptions.
struct binary_options {
  tflite_activation activation = tflite_activation::none;
  static constexpr auto fields = std::tuple{&binary_options::activation};
};
struct softmax_options {
  float beta = 0;
  static constexpr auto fields = std::tuple{&softmax_options::beta};
};
struct leaky_relu_options {
  float alpha = 0;
  static constexpr auto fields = std::tuple{&leaky_relu_options::alpha};
};
struct gelu_options {
  bool approximate = false;
  static constexpr auto fields = std::tuple{&gelu_options::approximate};
};
struct concatenation_options {
  std::int32_t axis = 0;
  tflite_activation activation = tflite_activation::none;
  static constexpr auto fields =
      std::tuple{&concatenation_options::axis, &concatenation_options::activation};
};
struct reshape_options {
  std::vector<std::int64_t> new_shape{};
  static constexpr auto fields = std::tuple{&reshape_options::new_shape};
};
struct squeeze_options {
  std::vector<std::int64_t> squeeze_dims{};
  static constexpr auto fields = std::tuple{&squeeze_options::squeeze_dims};
};
struct mirror_pad_options {
  std::int8_t mode = 0;  // as ops::mirror_pad has it: 0 reflect, 1 symmetric
  static constexpr auto fields = std::tuple{&mirror_pad_options::mode};
};
struct strided_slice_options {
  std::int32_t begin_mask = 0, end_mask = 0, ellipsis_mask = 0, new_axis_mask = 0,
               shrink_axis_mask = 0;
  bool offset = false;
  static constexpr auto fields =
      std::tuple{&strided_slice_options::begin_mask,       &strided_slice_options::end_mask,
                 &strided_slice_options::ellipsis_mask,    &strided_slice_options::new_axis_mask,
                 &strided_slice_options::shrink_axis_mask, &strided_slice_options::offset};
};
/// PackOptions, UnpackOptions.
struct pack_options {
  std::int32_t axis = 0;
  static constexpr auto fields =
      std::tuple{unread /* how many: the operands say */, &pack_options::axis};
};
struct gather_options {
  std::int32_t axis = 0, batch_dims = 0;
  static constexpr auto fields = std::tuple{&gather_options::axis, &gather_options::batch_dims};
};
struct one_hot_options {
  std::int32_t axis = 0;
  static constexpr auto fields = std::tuple{&one_hot_options::axis};
};
struct cumsum_options {
  bool exclusive = false, reverse = false;
  static constexpr auto fields = std::tuple{&cumsum_options::exclusive, &cumsum_options::reverse};
};
/// SpaceToDepthOptions, DepthToSpaceOptions.
struct block_size_options {
  std::int32_t block_size = 0;
  static constexpr auto fields = std::tuple{&block_size_options::block_size};
};
struct resize_bilinear_options {
  bool align_corners = false, half_pixel_centers = false;
  static constexpr auto fields = std::tuple{
      unread, unread /* new_height, new_width: no longer written */,
      &resize_bilinear_options::align_corners, &resize_bilinear_options::half_pixel_centers};
};
struct resize_nearest_neighbor_options {
  bool align_corners = false, half_pixel_centers = false;
  static constexpr auto fields = std::tuple{&resize_nearest_neighbor_options::align_corners,
                                            &resize_nearest_neighbor_options::half_pixel_centers};
};
/// UnidirectionalSequenceLSTMOptions.
struct sequence_lstm_options {
  tflite_activation activation = tflite_activation::none;
  float cell_clip = 0, state_clip = 0;
  bool time_major = false, asymmetric = false;
  static constexpr auto fields =
      std::tuple{&sequence_lstm_options::activation, &sequence_lstm_options::cell_clip,
                 &sequence_lstm_options::state_clip, &sequence_lstm_options::time_major,
                 &sequence_lstm_options::asymmetric};
};
struct bidirectional_lstm_options {
  tflite_activation activation = tflite_activation::none;
  float cell_clip = 0, state_clip = 0;
  bool merge_outputs = false, time_major = true, asymmetric = false;
  static constexpr auto fields = std::tuple{
      &bidirectional_lstm_options::activation, &bidirectional_lstm_options::cell_clip,
      &bidirectional_lstm_options::state_clip, &bidirectional_lstm_options::merge_outputs,
      &bidirectional_lstm_options::time_major, &bidirectional_lstm_options::asymmetric};
};
/// LSTMOptions: one step.
struct lstm_options {
  tflite_activation activation = tflite_activation::none;
  float cell_clip = 0, state_clip = 0;
  std::int8_t kernel = 0;  // 0: as the others, 1: BASIC
  bool asymmetric = false;
  static constexpr auto fields =
      std::tuple{&lstm_options::activation, &lstm_options::cell_clip, &lstm_options::state_clip,
                 &lstm_options::kernel, &lstm_options::asymmetric};
};
/// RNNOptions: one step.
struct rnn_options {
  tflite_activation activation = tflite_activation::none;
  bool asymmetric = false;
  static constexpr auto fields = std::tuple{&rnn_options::activation, &rnn_options::asymmetric};
};
struct sequence_rnn_options {
  bool time_major = false;
  tflite_activation activation = tflite_activation::none;
  bool asymmetric = false;
  static constexpr auto fields =
      std::tuple{&sequence_rnn_options::time_major, &sequence_rnn_options::activation,
                 &sequence_rnn_options::asymmetric};
};
struct bidirectional_rnn_options {
  bool time_major = false;
  tflite_activation activation = tflite_activation::none;
  bool merge_outputs = false, asymmetric = false;
  static constexpr auto fields =
      std::tuple{&bidirectional_rnn_options::time_major, &bidirectional_rnn_options::activation,
                 &bidirectional_rnn_options::merge_outputs, &bidirectional_rnn_options::asymmetric};
};
struct call_once_options {
  std::int32_t init = 0;  // a subgraph
  static constexpr auto fields = std::tuple{&call_once_options::init};
};
struct if_options {
  std::int32_t then_branch = 0, else_branch = 0;  // subgraphs
  static constexpr auto fields = std::tuple{&if_options::then_branch, &if_options::else_branch};
};
struct while_options {
  std::int32_t condition = 0, body = 0;  // subgraphs
  static constexpr auto fields = std::tuple{&while_options::condition, &while_options::body};
};
/// StableHLOCompositeOptions, in the second union.
struct composite_options {
  std::string name{};
  std::int32_t decomposition = 0;  // a subgraph
  static constexpr auto fields =
      std::tuple{&composite_options::name, &composite_options::decomposition};
};
struct var_handle_options {
  std::string container{}, shared_name{};
  static constexpr auto fields =
      std::tuple{&var_handle_options::container, &var_handle_options::shared_name};
};
struct reverse_sequence_options {
  std::int32_t axis = 0, batch_axis = 0;
  static constexpr auto fields =
      std::tuple{&reverse_sequence_options::axis, &reverse_sequence_options::batch_axis};
};
struct local_response_options {
  std::int32_t radius = 0;
  float bias = 0, alpha = 0, beta = 0;
  static constexpr auto fields =
      std::tuple{&local_response_options::radius, &local_response_options::bias,
                 &local_response_options::alpha, &local_response_options::beta};
};
struct conv_3d_options {
  padding_scheme padding = padding_scheme::same;
  std::int32_t stride_d = 0, stride_w = 0, stride_h = 0;
  tflite_activation activation = tflite_activation::none;
  std::int32_t dilation_d = 1, dilation_w = 1, dilation_h = 1;
  static constexpr auto fields = std::tuple{
      &conv_3d_options::padding,    &conv_3d_options::stride_d,   &conv_3d_options::stride_w,
      &conv_3d_options::stride_h,   &conv_3d_options::activation, &conv_3d_options::dilation_d,
      &conv_3d_options::dilation_w, &conv_3d_options::dilation_h};
};
struct bucketize_options {
  std::vector<float> boundaries{};
  static constexpr auto fields = std::tuple{&bucketize_options::boundaries};
};
struct fake_quant_options {
  float min = 0, max = 0;
  std::int32_t bits = 0;
  bool narrow_range = false;
  static constexpr auto fields =
      std::tuple{&fake_quant_options::min, &fake_quant_options::max, &fake_quant_options::bits,
                 &fake_quant_options::narrow_range};
};
struct svdf_options {
  std::int32_t rank = 0;
  tflite_activation activation = tflite_activation::none;
  bool asymmetric = false;
  static constexpr auto fields =
      std::tuple{&svdf_options::rank, &svdf_options::activation, &svdf_options::asymmetric};
};

}  // namespace tflite_schema
}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_OPERATOR_OPTIONS_HPP_

OCTET_NAMESPACE_BEGIN
namespace import::tflite_schema {

/// The alignment argument came with FlatBuffers 2.0.7.
template <class T, class Table>
bool verify_field(const Table& t, flatbuffers::Verifier& v, flatbuffers::voffset_t slot) {
  if constexpr (requires { t.template VerifyField<T>(v, slot, sizeof(T)); })
    return t.template VerifyField<T>(v, slot, sizeof(T));
  else
    return t.template VerifyField<T>(v, slot);
}

/// TensorType.
enum class tensor_type : std::int8_t {
  float32 = 0,
  float16 = 1,
  int32 = 2,
  uint8 = 3,
  int64 = 4,
  string = 5,
  boolean = 6,
  int16 = 7,
  complex64 = 8,
  int8 = 9,
  float64 = 10,
  complex128 = 11,
  uint64 = 12,
  resource = 13,
  variant = 14,
  uint32 = 15,
  uint16 = 16,
  int4 = 17,
  bfloat16 = 18,
  int2 = 19,
  uint4 = 20,
  float8_e4m3fn = 21,
  float8_e5m2 = 22
};
/// What errors call it; empty for codes that the schema does not have.
constexpr std::string_view name_of(tensor_type t) {
  switch (t) {
    case tensor_type::float32: return "float32";
    case tensor_type::float16: return "float16";
    case tensor_type::int32: return "int32";
    case tensor_type::uint8: return "uint8";
    case tensor_type::int64: return "int64";
    case tensor_type::string: return "string";
    case tensor_type::boolean: return "bool";
    case tensor_type::int16: return "int16";
    case tensor_type::complex64: return "complex64";
    case tensor_type::int8: return "int8";
    case tensor_type::float64: return "float64";
    case tensor_type::complex128: return "complex128";
    case tensor_type::uint64: return "uint64";
    case tensor_type::resource: return "resource";
    case tensor_type::variant: return "variant";
    case tensor_type::uint32: return "uint32";
    case tensor_type::uint16: return "uint16";
    case tensor_type::int4: return "int4";
    case tensor_type::bfloat16: return "bfloat16";
    case tensor_type::int2: return "int2";
    case tensor_type::uint4: return "uint4";
    case tensor_type::float8_e4m3fn: return "float8_e4m3fn";
    case tensor_type::float8_e5m2: return "float8_e5m2";
  }
  return {};
}
/// Bits of an element where several share a byte, else 0.
constexpr int packed_bits(tensor_type t) {
  return t == tensor_type::int4 || t == tensor_type::uint4 ? 4 : t == tensor_type::int2 ? 2 : 0;
}
/// How octet holds the elements; nothing for types it has no form of. int4, int2 and uint4 are
/// unpacked on load.
constexpr std::optional<dtype> dtype_of_tensor(tensor_type t) {
  switch (t) {
    case tensor_type::float32: return dtype::f32;
    case tensor_type::float16: return dtype::f16;
    case tensor_type::float64: return dtype::f64;
    case tensor_type::int2:
    case tensor_type::int4:
    case tensor_type::int8: return dtype::s8;
    case tensor_type::uint4:
    case tensor_type::uint8: return dtype::u8;
    case tensor_type::int16: return dtype::s16;
    case tensor_type::uint16: return dtype::u16;
    case tensor_type::int32: return dtype::s32;
    case tensor_type::uint32: return dtype::u32;
    case tensor_type::int64: return dtype::s64;
    case tensor_type::uint64: return dtype::u64;
    case tensor_type::boolean: return dtype::boolean;
    case tensor_type::string:
    case tensor_type::complex64:
    case tensor_type::complex128:
    case tensor_type::resource:
    case tensor_type::variant:
    case tensor_type::bfloat16:
    case tensor_type::float8_e4m3fn:
    case tensor_type::float8_e5m2: break;
  }
  return {};
}

// ---- tables ----
// Each lists its fields in the schema's order: a field's place in the list is its id.

/// Access to fields by their names in `Field`, an enumeration of the table's.
template <class Field> struct table : flatbuffers::Table {
 protected:
  static constexpr flatbuffers::voffset_t slot(Field f) {
    return static_cast<flatbuffers::voffset_t>(4 + 2 * static_cast<int>(f));
  }
  template <class T> T number(Field f, T otherwise = 0) const {
    return this->template GetField<T>(slot(f), otherwise);
  }
  template <class T> const T* pointer(Field f) const {
    return this->template GetPointer<const T*>(slot(f));
  }
  bool has(Field f) const { return this->GetOptionalFieldOffset(slot(f)) != 0; }

  template <class T> bool verify_number(flatbuffers::Verifier& v, Field f) const {
    return verify_field<T>(*this, v, slot(f));
  }
  template <class T> bool verify_vector(flatbuffers::Verifier& v, Field f) const {
    return this->VerifyOffset(v, slot(f)) && v.VerifyVector(pointer<flatbuffers::Vector<T>>(f));
  }
  template <class T> bool verify_tables(flatbuffers::Verifier& v, Field f) const {
    using vector = flatbuffers::Vector<flatbuffers::Offset<T>>;
    return verify_vector<flatbuffers::Offset<T>>(v, f) &&
           v.VerifyVectorOfTables(pointer<vector>(f));
  }
  bool verify_string(flatbuffers::Verifier& v, Field f) const {
    return this->VerifyOffset(v, slot(f)) && v.VerifyString(pointer<flatbuffers::String>(f));
  }
};
using integer_vector = flatbuffers::Vector<std::int32_t>;
using byte_vector = flatbuffers::Vector<std::uint8_t>;
template <class T> using table_vector = flatbuffers::Vector<flatbuffers::Offset<T>>;

enum class buffer_field { data, offset, size };
struct buffer_table : table<buffer_field> {
  using field = buffer_field;
  const byte_vector* data() const { return pointer<byte_vector>(field::data); }
  /// Files over 2 GB keep data behind the flatbuffer.
  std::uint64_t offset() const { return number<std::uint64_t>(field::offset); }
  std::uint64_t size() const { return number<std::uint64_t>(field::size); }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_vector<std::uint8_t>(v, field::data) &&
           verify_number<std::uint64_t>(v, field::offset) &&
           verify_number<std::uint64_t>(v, field::size) && v.EndTable();
  }
};

enum class blockwise_field { scales, zero_points, block_size };
/// QuantizationDetails of one scale for each block of a row.
struct blockwise_table : table<blockwise_field> {
  using field = blockwise_field;
  /// Indices of tensors: float16 scales [rows, blocks], zero points.
  std::int32_t scales() const { return number<std::int32_t>(field::scales); }
  std::int32_t zero_points() const { return number<std::int32_t>(field::zero_points); }
  std::int32_t block_size() const { return number<std::int32_t>(field::block_size); }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_number<std::int32_t>(v, field::scales) &&
           verify_number<std::int32_t>(v, field::zero_points) &&
           verify_number<std::int32_t>(v, field::block_size) && v.EndTable();
  }
};
/// Values of the union QuantizationDetails.
enum class quantization_details : std::uint8_t { none = 0, custom = 1, blockwise = 2 };

enum class quantization_field { min, max, scale, zero_point, details_type, details, axis };
struct quantization_table : table<quantization_field> {
  using field = quantization_field;
  const flatbuffers::Vector<float>* scale() const {
    return pointer<flatbuffers::Vector<float>>(field::scale);
  }
  const flatbuffers::Vector<std::int64_t>* zero_point() const {
    return pointer<flatbuffers::Vector<std::int64_t>>(field::zero_point);
  }
  quantization_details details_type() const {
    return static_cast<quantization_details>(number<std::uint8_t>(field::details_type));
  }
  /// Null where the details are of another kind.
  const blockwise_table* blockwise() const {
    return details_type() == quantization_details::blockwise
               ? pointer<blockwise_table>(field::details)
               : nullptr;
  }
  std::int32_t axis() const { return number<std::int32_t>(field::axis); }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_vector<float>(v, field::scale) &&
           verify_vector<std::int64_t>(v, field::zero_point) &&
           verify_number<std::uint8_t>(v, field::details_type) &&
           VerifyOffset(v, slot(field::details)) && v.VerifyTable(blockwise()) &&
           verify_number<std::int32_t>(v, field::axis) && v.EndTable();
  }
};

/// A list of whole numbers of 8, 16 or 32 bits, of the union SparseIndexVector.
class index_list {
 public:
  index_list(std::uint8_t type, const flatbuffers::Table* table) {
    if (!table || type < 1 || type > 3) return;
    type_ = type;
    values_ = table->GetPointer<const flatbuffers::Vector<std::uint8_t>*>(4);
  }
  bool given() const { return values_ != nullptr; }
  std::int64_t size() const { return values_ ? std::int64_t{values_->size()} : 0; }
  std::int64_t operator[](std::int64_t i) const {
    const auto k = as_size(i);
    const auto at = [&]<class T>(T v) {
      std::memcpy(&v, values_->Data() + sizeof v * k, sizeof v);
      return static_cast<std::int64_t>(flatbuffers::EndianScalar(v));
    };
    return type_ == 1 ? at(std::int32_t{}) : type_ == 2 ? at(std::uint16_t{}) : at(std::uint8_t{});
  }
  static bool verify(flatbuffers::Verifier& v, std::uint8_t type, const flatbuffers::Table* t) {
    if (!t || type < 1 || type > 3) return true;
    const auto& list = *static_cast<const list_table*>(t);
    return type == 1   ? list.verified<std::int32_t>(v)
           : type == 2 ? list.verified<std::uint16_t>(v)
                       : list.verified<std::uint8_t>(v);
  }

 private:
  /// A table of the union: one field, the list.
  struct list_table : flatbuffers::Table {
    template <class T> bool verified(flatbuffers::Verifier& v) const {
      return VerifyTableStart(v) && VerifyOffset(v, 4) &&
             v.VerifyVector(GetPointer<const flatbuffers::Vector<T>*>(4)) && v.EndTable();
    }
  };
  std::uint8_t type_ = 0;
  /// Of elements of `type_`; its length counts those.
  const flatbuffers::Vector<std::uint8_t>* values_ = nullptr;
};
enum class dimension_field { format, size, segments_type, segments, indices_type, indices };
/// One level of a sparse tensor: all of an axis, or those indices that its segments list.
struct dimension_table : table<dimension_field> {
  using field = dimension_field;
  bool dense() const { return number<std::int8_t>(field::format) == 0; }
  std::int32_t size() const { return number<std::int32_t>(field::size); }
  index_list segments() const {
    return {number<std::uint8_t>(field::segments_type),
            pointer<flatbuffers::Table>(field::segments)};
  }
  index_list indices() const {
    return {number<std::uint8_t>(field::indices_type), pointer<flatbuffers::Table>(field::indices)};
  }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_number<std::int8_t>(v, field::format) &&
           verify_number<std::int32_t>(v, field::size) &&
           verify_number<std::uint8_t>(v, field::segments_type) &&
           VerifyOffset(v, slot(field::segments)) &&
           index_list::verify(v, number<std::uint8_t>(field::segments_type),
                              pointer<flatbuffers::Table>(field::segments)) &&
           verify_number<std::uint8_t>(v, field::indices_type) &&
           VerifyOffset(v, slot(field::indices)) &&
           index_list::verify(v, number<std::uint8_t>(field::indices_type),
                              pointer<flatbuffers::Table>(field::indices)) &&
           v.EndTable();
  }
};
enum class sparsity_field { traversal_order, block_map, dim_metadata };
struct sparsity_table : table<sparsity_field> {
  using field = sparsity_field;
  const integer_vector* traversal_order() const {
    return pointer<integer_vector>(field::traversal_order);
  }
  const integer_vector* block_map() const { return pointer<integer_vector>(field::block_map); }
  const table_vector<dimension_table>* dim_metadata() const {
    return pointer<table_vector<dimension_table>>(field::dim_metadata);
  }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_vector<std::int32_t>(v, field::traversal_order) &&
           verify_vector<std::int32_t>(v, field::block_map) &&
           verify_tables<dimension_table>(v, field::dim_metadata) && v.EndTable();
  }
};

enum class tensor_field {
  shape,
  type,
  buffer,
  name,
  quantization,
  is_variable,
  sparsity,
  shape_signature
};
struct tensor_table : table<tensor_field> {
  using field = tensor_field;
  const integer_vector* shape() const { return pointer<integer_vector>(field::shape); }
  tensor_type type() const { return static_cast<tensor_type>(number<std::int8_t>(field::type)); }
  std::uint32_t buffer() const { return number<std::uint32_t>(field::buffer); }
  const flatbuffers::String* name() const { return pointer<flatbuffers::String>(field::name); }
  const quantization_table* quantization() const {
    return pointer<quantization_table>(field::quantization);
  }
  bool is_variable() const { return number<std::uint8_t>(field::is_variable) != 0; }
  const sparsity_table* sparsity() const { return pointer<sparsity_table>(field::sparsity); }
  /// Bit i: the extent of axis i is known only when the model runs.
  std::uint32_t open_axes() const {
    const auto* s = pointer<integer_vector>(field::shape_signature);
    std::uint32_t bits = 0;
    for (flatbuffers::uoffset_t i = 0; s && i < s->size() && i < 32; ++i)
      if (s->Get(i) < 0) bits |= std::uint32_t{1} << i;
    return bits;
  }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_vector<std::int32_t>(v, field::shape) &&
           verify_number<std::int8_t>(v, field::type) &&
           verify_number<std::uint32_t>(v, field::buffer) && verify_string(v, field::name) &&
           VerifyOffset(v, slot(field::quantization)) && v.VerifyTable(quantization()) &&
           verify_number<std::uint8_t>(v, field::is_variable) &&
           VerifyOffset(v, slot(field::sparsity)) && v.VerifyTable(sparsity()) &&
           verify_vector<std::int32_t>(v, field::shape_signature) && v.EndTable();
  }
};

enum class operator_code_field { deprecated_code, custom_code, version, code };
struct operator_code_table : table<operator_code_field> {
  using field = operator_code_field;
  std::int32_t code() const {  // codes above 127 do not fit the old field
    return std::max(number<std::int32_t>(field::code),
                    std::int32_t{number<std::int8_t>(field::deprecated_code)});
  }
  const flatbuffers::String* custom() const {
    return pointer<flatbuffers::String>(field::custom_code);
  }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_number<std::int8_t>(v, field::deprecated_code) &&
           verify_string(v, field::custom_code) && verify_number<std::int32_t>(v, field::version) &&
           verify_number<std::int32_t>(v, field::code) && v.EndTable();
  }
};

enum class operator_field {
  code_index,
  inputs,
  outputs,
  options_type,
  options,
  custom_options,
  custom_options_format,
  mutating_variable_inputs,
  intermediates,
  large_custom_options_offset,
  large_custom_options_size,
  options_2_type,
  options_2
};
struct operator_table : table<operator_field> {
  using field = operator_field;
  std::uint32_t code_index() const { return number<std::uint32_t>(field::code_index); }
  const integer_vector* inputs() const { return pointer<integer_vector>(field::inputs); }
  const integer_vector* outputs() const { return pointer<integer_vector>(field::outputs); }
  /// Fields are verified one by one when read.
  const flatbuffers::Table* options() const { return pointer<flatbuffers::Table>(field::options); }
  /// A second union, for operators that came after the first was full.
  const flatbuffers::Table* options_2() const {
    return pointer<flatbuffers::Table>(field::options_2);
  }
  const byte_vector* custom_options() const { return pointer<byte_vector>(field::custom_options); }
  const integer_vector* intermediates() const {
    return pointer<integer_vector>(field::intermediates);
  }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_number<std::uint32_t>(v, field::code_index) &&
           verify_vector<std::int32_t>(v, field::inputs) &&
           verify_vector<std::int32_t>(v, field::outputs) &&
           VerifyOffset(v, slot(field::options)) &&
           verify_vector<std::uint8_t>(v, field::custom_options) &&
           verify_vector<std::int32_t>(v, field::intermediates) &&
           VerifyOffset(v, slot(field::options_2)) && v.EndTable();
  }
};

enum class subgraph_field { tensors, inputs, outputs, operators, name };
struct subgraph_table : table<subgraph_field> {
  using field = subgraph_field;
  const table_vector<tensor_table>* tensors() const {
    return pointer<table_vector<tensor_table>>(field::tensors);
  }
  const integer_vector* inputs() const { return pointer<integer_vector>(field::inputs); }
  const integer_vector* outputs() const { return pointer<integer_vector>(field::outputs); }
  const table_vector<operator_table>* operators() const {
    return pointer<table_vector<operator_table>>(field::operators);
  }
  const flatbuffers::String* name() const { return pointer<flatbuffers::String>(field::name); }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_tables<tensor_table>(v, field::tensors) &&
           verify_vector<std::int32_t>(v, field::inputs) &&
           verify_vector<std::int32_t>(v, field::outputs) &&
           verify_tables<operator_table>(v, field::operators) && verify_string(v, field::name) &&
           v.EndTable();
  }
};

enum class signature_field { inputs, outputs, key, deprecated_tag, subgraph };
/// A function of the file that callers ask for by name.
struct signature_table : table<signature_field> {
  using field = signature_field;
  const flatbuffers::String* key() const { return pointer<flatbuffers::String>(field::key); }
  std::uint32_t subgraph() const { return number<std::uint32_t>(field::subgraph); }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_string(v, field::key) &&
           verify_number<std::uint32_t>(v, field::subgraph) && v.EndTable();
  }
};

enum class model_field {
  version,
  operator_codes,
  subgraphs,
  description,
  buffers,
  metadata_buffer,
  metadata,
  signatures
};
struct model_table : table<model_field> {
  using field = model_field;
  std::uint32_t version() const { return number<std::uint32_t>(field::version); }
  const table_vector<operator_code_table>* codes() const {
    return pointer<table_vector<operator_code_table>>(field::operator_codes);
  }
  const table_vector<subgraph_table>* subgraphs() const {
    return pointer<table_vector<subgraph_table>>(field::subgraphs);
  }
  const table_vector<buffer_table>* buffers() const {
    return pointer<table_vector<buffer_table>>(field::buffers);
  }
  const table_vector<signature_table>* signatures() const {
    return pointer<table_vector<signature_table>>(field::signatures);
  }
  bool Verify(flatbuffers::Verifier& v) const {
    return VerifyTableStart(v) && verify_number<std::uint32_t>(v, field::version) &&
           verify_tables<operator_code_table>(v, field::operator_codes) &&
           verify_tables<subgraph_table>(v, field::subgraphs) &&
           verify_tables<buffer_table>(v, field::buffers) &&
           verify_tables<signature_table>(v, field::signatures) && v.EndTable();
  }
};

/// Options of one operator. A field that lies outside the file reads as its default and sets `bad`.
class options_reader {
 public:
  options_reader(const flatbuffers::Table* t, flatbuffers::Verifier& v) : table_(t), verifier_(&v) {
    if (!t) return;
    if (t->VerifyTableStart(v))
      v.EndTable();  // the depth count is per table under verification
    else
      table_ = nullptr, bad_ = true;
  }
  /// The options as a struct of operator_options.hpp.
  template <class Options> Options read() {
    Options o;
    int id = 0;
    std::apply([&](auto... members) { (read_member(o, members, id++), ...); }, Options::fields);
    return o;
  }
  bool present() const { return table_ != nullptr; }
  bool bad() const { return bad_; }

 private:
  static constexpr flatbuffers::voffset_t slot(int id) {
    return static_cast<flatbuffers::voffset_t>(4 + 2 * id);
  }
  template <class Options> void read_member(Options&, unread_field, int) {}
  template <class Options, class T> void read_member(Options& o, T Options::*member, int id) {
    T& to = o.*member;
    if constexpr (std::is_same_v<T, std::vector<std::int64_t>>)
      read_list<std::int32_t>(to, id);
    else if constexpr (std::is_same_v<T, std::vector<float>>)
      read_list<float>(to, id);
    else if constexpr (std::is_same_v<T, std::string>)
      read_text(to, id);
    else if constexpr (std::is_same_v<T, bool>)
      to = number<std::uint8_t>(id, to) != 0;
    else if constexpr (std::is_enum_v<T>)
      to = static_cast<T>(number(id, static_cast<std::underlying_type_t<T>>(to)));
    else
      to = number(id, to);
  }
  template <class T> T number(int id, T otherwise) {
    if (!table_) return otherwise;
    if (!verify_field<T>(*table_, *verifier_, slot(id))) {
      bad_ = true;
      return otherwise;
    }
    return table_->GetField<T>(slot(id), otherwise);
  }
  template <class Element, class T> void read_list(std::vector<T>& to, int id) {
    using vector = flatbuffers::Vector<Element>;
    if (!table_) return;
    if (!table_->VerifyOffset(*verifier_, slot(id)) ||
        !verifier_->VerifyVector(table_->GetPointer<const vector*>(slot(id)))) {
      bad_ = true;
      return;
    }
    const auto* from = table_->GetPointer<const vector*>(slot(id));
    // Extents or axes, one each, or a list of numbers of its operator's own.
    if (from && from->size() > (std::is_same_v<Element, float> ? 65536u : dims::max_rank + 0u))
      bad_ = true;
    else if (from)
      to.assign(from->begin(), from->end());
  }

  void read_text(std::string& to, int id) {
    if (!table_) return;
    if (!table_->VerifyOffset(*verifier_, slot(id)) ||
        !verifier_->VerifyString(table_->GetPointer<const flatbuffers::String*>(slot(id)))) {
      bad_ = true;
      return;
    }
    const auto* from = table_->GetPointer<const flatbuffers::String*>(slot(id));
    if (from) to = from->str();
  }

  const flatbuffers::Table* table_;
  flatbuffers::Verifier* verifier_;
  bool bad_ = false;
};

}  // namespace import::tflite_schema
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_SCHEMA_HPP_

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
// ---- octet/import/tflite/custom.hpp
// Custom operators of TFLite files: what callers register, with the file's options as attributes,
// and those that octet has.
#ifndef OCTET_IMPORT_TFLITE_CUSTOM_HPP_
#define OCTET_IMPORT_TFLITE_CUSTOM_HPP_

// ---- octet/import/tflite/flexbuffer.hpp
// Reads FlexBuffers, the form of custom operators' options: a map of numbers, texts and lists of
// numbers as attributes. Every access is checked; what lies outside the bytes reads as absent.
#ifndef OCTET_IMPORT_TFLITE_FLEXBUFFER_HPP_
#define OCTET_IMPORT_TFLITE_FLEXBUFFER_HPP_

#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>


OCTET_NAMESPACE_BEGIN
namespace import {

/// Offsets in FlexBuffers count backwards from where they stand, in units of a container's width: a
/// value of a list is as wide as its list says; longer ones stand elsewhere, behind an offset.
class flexbuffer {
 public:
  explicit flexbuffer(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  /// Its values, where it holds a map. Other kinds than numbers, bools, texts and lists of numbers
  /// are left out.
  attributes map() const {
    attributes to;
    const std::size_t n = bytes_.size();
    if (n < 3) return to;
    const std::size_t width = bytes_[n - 1];
    if (!is_width(width) || n < 2 + width) return to;
    const entry root{n - 2 - width, width, bytes_[n - 2]};
    if (root.kind() != kind::map) return to;
    const auto values = list_at(root, true);
    if (!values) return to;
    const auto keys = keys_of(*values);
    if (!keys) return to;
    for (std::size_t i = 0; i < values->count; ++i) {
      const auto key = text(follow({keys->at + i * keys->width, keys->width, 0}));
      if (key && !key->empty()) put(to, *key, element(*values, i));
    }
    return to;
  }

 private:
  enum class kind : std::uint8_t {
    null = 0,
    integer = 1,
    natural = 2,
    real = 3,
    key = 4,
    text = 5,
    indirect_integer = 6,
    indirect_natural = 7,
    indirect_real = 8,
    map = 9,
    list = 10,
    integers = 11,
    naturals = 12,
    reals = 13,
    boolean = 26,
    booleans = 36
  };
  /// Where a value stands, how wide it is there, and its packed type: kind and the width of what an
  /// offset leads to.
  struct entry {
    std::size_t at = 0, width = 0;
    std::uint8_t packed = 0;
    flexbuffer::kind kind() const { return static_cast<flexbuffer::kind>(packed >> 2); }
    std::size_t target_width() const { return std::size_t{1} << (packed & 3); }
  };
  struct list_place {
    std::size_t at = 0, count = 0, width = 0;
    bool typed = false;
    flexbuffer::kind element = flexbuffer::kind::null;
  };
  static constexpr std::size_t most_elements = 1 << 16;

  static bool is_width(std::size_t w) { return w == 1 || w == 2 || w == 4 || w == 8; }
  std::optional<std::uint64_t> natural(std::size_t at, std::size_t width) const {
    if (!is_width(width) || at > bytes_.size() || width > bytes_.size() - at) return {};
    std::uint64_t v = 0;
    for (std::size_t i = 0; i < width; ++i) v |= std::uint64_t{bytes_[at + i]} << (8 * i);
    return v;
  }
  /// Where the offset that stands there leads to.
  std::optional<std::size_t> follow(const entry& e) const {
    const auto back = natural(e.at, e.width);
    if (!back || *back > e.at) return {};
    return e.at - as_size(*back);
  }
  std::optional<std::int64_t> integer(std::size_t at, std::size_t width) const {
    const auto v = natural(at, width);
    if (!v) return {};
    const unsigned unused = static_cast<unsigned>(64 - 8 * width);
    return static_cast<std::int64_t>(*v << unused) >> unused;
  }
  std::optional<double> real(std::size_t at, std::size_t width) const {
    const auto v = natural(at, width);
    if (!v || (width != 4 && width != 8)) return {};
    return width == 8 ? std::bit_cast<double>(*v)
                      : static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(*v)));
  }
  /// Bytes up to a zero.
  std::optional<std::string> text(std::optional<std::size_t> at) const {
    if (!at) return {};
    std::string s;
    for (std::size_t i = *at; i < bytes_.size() && s.size() < most_elements; ++i) {
      if (bytes_[i] == 0) return s;
      s.push_back(static_cast<char>(bytes_[i]));
    }
    return {};
  }
  /// The list behind an entry; `typed_behind`: a byte of type for each element follows it.
  std::optional<list_place> list_at(const entry& e, bool typed_behind) const {
    const auto at = follow(e);
    const std::size_t width = e.target_width();
    if (!at || *at < width) return {};
    const auto count = natural(*at - width, width);
    const std::size_t each = width + (typed_behind ? 1 : 0);
    if (!count || *count > most_elements || *count * each > bytes_.size() - *at) return {};
    return list_place{*at, as_size(*count), width, !typed_behind};
  }
  /// A map's keys: the list whose offset and width stand before the map's count.
  std::optional<list_place> keys_of(const list_place& values) const {
    if (values.at < 3 * values.width) return {};
    const auto width = natural(values.at - 2 * values.width, values.width);
    const auto at = follow({values.at - 3 * values.width, values.width, 0});
    if (!width || !at || !is_width(as_size(*width))) return {};
    if (values.count * as_size(*width) > bytes_.size() - *at) return {};
    return list_place{*at, values.count, as_size(*width), true};
  }
  entry element(const list_place& l, std::size_t i) const {
    const std::uint8_t packed = l.typed ? static_cast<std::uint8_t>(std::uint8_t(l.element) << 2)
                                        : bytes_[l.at + l.count * l.width + i];
    return {l.at + i * l.width, l.width, packed};
  }
  void put_list(attributes& to, const std::string& key, const list_place& l) const {
    std::vector<double> reals;
    std::vector<std::int64_t> integers;
    for (std::size_t i = 0; i < l.count; ++i) {
      attributes one;
      put(one, key, element(l, i));
      const attribute_value v = attribute_view(one).find(key);
      if (v.is(attribute_value::kind::integer)) {
        integers.push_back(v.integer);
        reals.push_back(static_cast<double>(v.integer));
      } else if (v.is(attribute_value::kind::real)) {
        reals.push_back(v.real);
      } else {
        return;
      }
    }
    if (integers.size() == reals.size())
      to.set(key, std::move(integers));
    else
      to.set(key, std::move(reals));
  }
  void put(attributes& to, const std::string& key, const entry& e) const {
    const auto set_integer = [&](std::optional<std::int64_t> v) {
      if (v) to.set(key, *v);
    };
    const auto set_real = [&](std::optional<double> v) {
      if (v) to.set(key, *v);
    };
    const auto typed = [&](kind element_kind) {
      auto l = list_at(e, false);
      if (!l) return;
      l->element = element_kind;
      put_list(to, key, *l);
    };
    switch (e.kind()) {
      case kind::integer: return set_integer(integer(e.at, e.width));
      case kind::natural:
      case kind::boolean:
        if (const auto v = natural(e.at, e.width); v && *v <= INT64_MAX)
          to.set(key, static_cast<std::int64_t>(*v));
        return;
      case kind::real: return set_real(real(e.at, e.width));
      case kind::indirect_integer:
      case kind::indirect_natural:
        if (const auto at = follow(e)) set_integer(integer(*at, e.target_width()));
        return;
      case kind::indirect_real:
        if (const auto at = follow(e)) set_real(real(*at, e.target_width()));
        return;
      case kind::key:
      case kind::text:
        if (auto s = text(follow(e))) to.set(key, std::move(*s));
        return;
      case kind::list:
        if (const auto l = list_at(e, true)) put_list(to, key, *l);
        return;
      case kind::integers: return typed(kind::integer);
      case kind::naturals: return typed(kind::natural);
      case kind::reals: return typed(kind::real);
      case kind::booleans: return typed(kind::boolean);
      case kind::null:
      case kind::map: return;
    }
  }

  std::span<const std::uint8_t> bytes_;
};

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_FLEXBUFFER_HPP_
// ---- octet/import/tflite/rows_matrix.hpp
// TFLite's BATCH_MATMUL, TRANSPOSE_CONV, RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR.
#ifndef OCTET_IMPORT_TFLITE_ROWS_MATRIX_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_MATRIX_HPP_

// ---- octet/import/tflite/rows_conv.hpp
// TFLite operators with weights: CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED. In plain form:
// accumulate, then requantize.
#ifndef OCTET_IMPORT_TFLITE_ROWS_CONV_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_CONV_HPP_

// ---- octet/import/tflite/rows_elementwise.hpp
// TFLite operators that work element by element: QUANTIZE, DEQUANTIZE, FAKE_QUANT, ADD, SUB, MUL.
#ifndef OCTET_IMPORT_TFLITE_ROWS_ELEMENTWISE_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_ELEMENTWISE_HPP_


OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

inline bool quantized(const tensor& t) {
  return !t.scales.empty() && (is_8bit(t.type) || t.type == dtype::s16);
}
inline status need_inputs(const tflite_node& n, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i)
    if (!n.has(i)) return invalid("input " + std::to_string(i) + " is absent");
  if (n.outputs() == 0) return invalid("operator without output");
  return unit{};
}
/// A constant of zero bytes.
inline result<tensor_id> zeros(tflite_node& n, const char* suffix, dtype type, dims shape) {
  if (auto s = n.make_constant(bytes_of(shape.elements(), type).value); !s) return s.error();
  return n.g().add_constant(
      n.out().name + suffix, type, shape,
      constant_data::copy(std::vector<std::byte>(bytes_of(shape.elements(), type).value)));
}
/// Old converters called int8 weights beside floats uint8: the bytes are meant, whatever the zero
/// point. Input i is int8 then.
inline result<bool> read_uint8_as_int8(tflite_node& n, std::size_t i) {
  if (!n.is_constant(i) || n.in(i).type != dtype::u8 || n.in(i).scales.empty()) return false;
  const tensor w = n.in(i);
  if (auto s = n.hold_constant(w.data.bytes.size()); !s) return s.error();
  const tensor_id id = n.g().add_constant(w.name, dtype::s8, w.shape, w.data);
  n.g()[id].scales = w.scales, n.g()[id].axis = w.axis;
  n.replace_input(i, id);
  return true;
}
/// A part of the last axis of `t`, with its scales.
inline result<tensor_id> part_of_last_axis(tflite_node& n, tensor_id of, const char* suffix,
                                           std::int32_t first, std::int32_t count) {
  const dims shape = n.g()[of].shape;
  std::vector<double> scales = n.g()[of].scales;
  const bool each = scales.size() > 1;
  if (each && std::ssize(scales) != shape.back(0))
    return invalid("scales of the last axis", std::to_string(scales.size()),
                   std::to_string(shape.back(0)));
  if (each) scales = {scales.begin() + first, scales.begin() + first + count};
  const tensor_id part = n.temporary(suffix, n.g()[of].type, std::move(scales),
                                     n.g()[of].zero_points, each ? shape.rank - 1 : -1);
  attributes a;
  std::vector<std::int64_t> begin(as_size(shape.rank), 0), size(shape.begin(), shape.end());
  begin.back() = first, size.back() = count;
  a.set("begin", std::move(begin));
  a.set("size", std::move(size));
  if (auto s = n.emit(ops::slice, {of}, {part}, std::move(a)); !s) return s.error();
  return part;
}
/// Into `to`, which has the operator's result's quantization: the last axis up to its last whole
/// block is RU, what is behind it DR (laws::optimized_block).
inline status requantize_in_blocks(tflite_node& n, tensor_id from, tensor_id to, std::int32_t block,
                                   tflite_activation fused) {
  const std::int32_t extent = n.g()[from].shape.rank == 0 ? 1 : n.g()[from].shape.back(0),
                     whole = extent - extent % block;
  if (whole == extent || whole == 0)
    return n.emit_decided(
        whole == 0 ? rounding::doubling_high_half_away : rounding::doubling_high_half_up,
        ops::requantize, {from}, {to}, fused);
  const tensor y = n.out();
  tensor_id parts[2];
  for (const bool tail : {false, true}) {
    const auto part = part_of_last_axis(n, from, tail ? "/last" : "/blocks", tail ? whole : 0,
                                        tail ? extent - whole : whole);
    if (!part) return part.error();
    parts[tail] =
        n.temporary(tail ? "/last_rounded" : "/blocks_rounded", y.type, y.scales, y.zero_points);
    if (auto s = n.emit_decided(
            tail ? rounding::doubling_high_half_away : rounding::doubling_high_half_up,
            ops::requantize, {*part}, {parts[tail]}, fused);
        !s)
      return s;
  }
  attributes a;
  a.set("axis", std::int64_t{-1});
  return n.emit(ops::concat, {parts[0], parts[1]}, {to}, std::move(a));
}
/// The same with all elements in a row, into the operator's result. `from` has one scale.
inline status requantize_elements_in_blocks(tflite_node& n, tensor_id from,
                                            tflite_activation fused) {
  const tensor x = n.g()[from], y = n.out();
  attributes flat, back;
  flat.set("shape", std::vector<std::int64_t>{-1});
  back.set("shape", std::vector<std::int64_t>(x.shape.begin(), x.shape.end()));
  const tensor_id row = n.temporary("/row", x.type, x.scales, x.zero_points),
                  rounded = n.temporary("/row_rounded", y.type, y.scales, y.zero_points);
  if (auto s = n.emit(ops::reshape, {from}, {row}, std::move(flat)); !s) return s;
  if (auto s = requantize_in_blocks(n, row, rounded, laws::optimized_block::elements, fused); !s)
    return s;
  return n.emit(ops::reshape, {rounded}, n.outs(), std::move(back));
}
inline status quantize(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const tensor &x = n.in(0), &y = n.out();
  if (x.type == dtype::f32) return n.emit(ops::quantize);
  const std::size_t elements = x.shape.elements().value;
  if (laws::has_xnnpack(n.g().arithmetic) && is_8bit(x.type) && is_8bit(y.type) &&
      x.type != y.type && x.scales != y.scales && elements > 0 &&
      elements % as_size(laws::optimized_block::elements) != 0)
    return requantize_elements_in_blocks(n, n.in_id(0), tflite_activation::none);
  return n.emit(ops::requantize);
}
inline status dequantize(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  return n.emit(ops::dequantize);
}

/// Left over from training. As in the framework, no narrow range.
inline status fake_quant(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const auto o = n.options<tflite_schema::fake_quant_options>();
  if (o.narrow_range) return unsupported("narrow_range of FAKE_QUANT", "true", "false");
  if (o.bits < 2 || o.bits > 16)
    return unsupported("bits of FAKE_QUANT", std::to_string(o.bits), "2 to 16");
  if (!numerics::is_finite(o.min) || !numerics::is_finite(o.max) || !(o.min < o.max))
    return invalid("range of FAKE_QUANT", std::to_string(o.min) + " to " + std::to_string(o.max),
                   "finite numbers, the first below the second");
  const auto r = laws::fake_quantized_range(o.min, o.max, o.bits);
  fake_quantize_attrs a;
  a.least = static_cast<double>(r.least), a.most = static_cast<double>(r.most),
  a.step = static_cast<double>(r.step);
  return n.emit(ops::fake_quantize, to_attributes(a));
}

/// ADD, SUB or MUL of 8 bits under the default interpreter where XNNPACK leaves it: DR.
inline status left_by_xnnpack(tflite_node& n, const op_def& op, bool exact,
                              tflite_activation fused) {
  if (!exact)
    return unsupported(
        "scales of a sum or product whose results are far outside of the result's "
        "range",
        std::to_string(n.scale(n.in(0))) + " and " + std::to_string(n.scale(n.in(1))) + " to " +
            std::to_string(n.scale(n.out())),
        "under tflite_ref: XNNPACK leaves it to a kernel that cuts them to 16 bits");
  return n.emit_decided(rounding::doubling_high_half_away, op, n.ins(), n.outs(), fused);
}
/// Two operands and a fused activation.
template <const op_def& Quantized, const op_def& Float> status fused_binary(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  return n.emit(quantized(n.in(0)) ? Quantized : Float, {},
                n.options<tflite_schema::binary_options>().activation);
}

inline status mul(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  laws::facts f = facts_of_file(n);
  f.x.type = n.in(0).type;
  if (laws::has_xnnpack(f.arithmetic) && quantized(n.in(0)) && is_8bit(f.x.type)) {
    const double a = n.scale(n.in(0)), b = n.scale(n.in(1)), y = n.scale(n.out());
    if (!n.xnnpack_takes_tensors() || !laws::xnnpack_takes_product(a, b, y))
      return left_by_xnnpack(n, ops::qnn_mul, laws::optimized_product_is_exact(a, b, y),
                             n.options<tflite_schema::binary_options>().activation);
  }
  if (n.in_id(0) == n.in_id(1) && quantized(n.in(0)) && laws::squares_by_table(f))
    return n.emit(ops::qnn_square, {n.in_id(0)}, n.outs(), {},
                  n.options<tflite_schema::binary_options>().activation);
  return fused_binary<ops::qnn_mul, ops::mul>(n);
}

inline bool is_power_of_two(double scale) {
  return scale > 0 && numerics::detail::split(scale).m == 1;
}
/// int16 with scales that are all powers of two, where the options ask for it: one operand has the
/// result's scale, the other is brought to it by a rounding shift.
inline bool sums_by_shifts(const tflite_node& n) {
  if (n.out().type != dtype::s16) return false;
  for (const tensor* t : {&n.in(0), &n.in(1), static_cast<const tensor*>(&n.out())})
    if (!quantized(*t) || t->scales.size() != 1 || !is_power_of_two(t->scales[0])) return false;
  return true;
}
template <const op_def& Quantized, const op_def& Float> status sum(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  const auto o = n.options<tflite_schema::sum_options>();
  std::vector<tensor_id> in = n.ins();
  if (o.by_shifts && n.has_options() && sums_by_shifts(n)) {
    const double to = n.out().scales[0];
    bool same = false;
    for (std::size_t i = 0; i < 2; ++i) {
      if (n.in(i).scales[0] > to) return unsupported("a sum by shifts to a finer scale");
      same |= n.in(i).scales[0] == to;
    }
    if (!same) return unsupported("a sum by shifts where no operand has the result's scale");
    for (std::size_t i = 0; i < 2; ++i) {
      if (n.in(i).scales[0] == to) continue;
      n.framework.by_shifts = true;
      in[i] = n.temporary("/shifted", dtype::s16, {to}, {0});
      if (auto s = n.emit(ops::requantize, {n.in_id(i)}, {in[i]}); !s) return s;
    }
  }
  if (laws::has_xnnpack(n.g().arithmetic) && quantized(n.in(0)) && is_8bit(n.in(0).type)) {
    const double a = n.scale(n.in(0)), b = n.scale(n.in(1)), y = n.scale(n.out());
    if (!n.xnnpack_takes_tensors() || !laws::xnnpack_takes_addend(a, y) ||
        !laws::xnnpack_takes_addend(b, y))
      return left_by_xnnpack(n, Quantized,
                             &Quantized != &ops::qnn_add || laws::optimized_sum_is_exact(a, b, y),
                             o.activation);
  }
  return n.emit(quantized(n.in(0)) ? Quantized : Float, std::move(in), n.outs(), {}, o.activation);
}

inline constexpr tflite_row elementwise_rows[] = {
    {"ADD", &sum<ops::qnn_add, ops::add>}, {"DEQUANTIZE", &dequantize}, {"MUL", &mul},
    {"SUB", &sum<ops::qnn_sub, ops::sub>}, {"QUANTIZE", &quantize},     {"FAKE_QUANT", &fake_quant},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_ELEMENTWISE_HPP_

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

OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

/// Whether the matrices w are one, which a fully connected layer of the floats x takes.
inline bool is_one_matrix(const dims& x, const dims& w) {
  return w.elements().value == product_of(w.back(1), w.back(0)) && w.rank <= x.rank;
}
inline std::int32_t batch_axes(const dims& shape) {
  std::int32_t axes = 0;
  for (std::int32_t i = 0; i + 2 < shape.rank; ++i) axes += shape[i] > 1 ? 1 : 0;
  return axes;
}
/// Whether TFLite's reference kernel takes other rows' scales for some of the floats x: of several
/// batch axes, unless they and those of the matrix w, all of one, are put together first. With zero
/// points it takes the sums of other columns, too, or of none, where the matrices w have several.
inline bool mixes_row_scales(const dims& x, const dims& w,
                             const tflite_schema::batch_matmul_options& o) {
  if (batch_axes(x) > 1 && (!is_one_matrix(x, w) || w.rank < 3 || o.adj_x)) return true;
  return o.asymmetric_quantize_inputs && (batch_axes(w) > 1 || (w.rank > 4 && w[0] > 1));
}
/// What a matrix product of floats and int8 must be.
inline status check_dynamic_matmul(const tflite_node& n, const dims& y,
                                   const tflite_schema::batch_matmul_options& o) {
  const dims x = n.in(0).shape, w = n.in(1).shape;
  const std::size_t scales = n.in(1).scales.size();
  if (!n.is_constant(1) || w.elements().value == 0 ||
      (scales != 1 && (n.in(1).axis != w.rank - (o.adj_y ? 2 : 1) || scales != as_size(y.back(0)))))
    return unsupported("int8 operand next to floats", to_string(w),
                       "constant matrices with one scale, or one for each column of the result");
  for (const std::int32_t z : n.in(1).zero_points)
    if (z != 0)
      return unsupported("zero point of an int8 operand next to floats", std::to_string(z), "0");
  if (!laws::has_xnnpack(n.g().arithmetic) && mixes_row_scales(x, w, o))
    return unsupported("batch axes of floats by matrices of int8",
                       to_string(x) + ", " + to_string(w),
                       "one: TFLite's reference kernel takes other rows' scales");
  return unit{};
}
/// Exchanges the last two axes.
inline result<tensor_id> last_axes_exchanged(tflite_node& n, tensor_id of, const char* suffix) {
  std::vector<std::int64_t> perm;
  for (std::int32_t i = 0; i < n.g()[of].shape.rank; ++i) perm.push_back(i);
  std::swap(perm[perm.size() - 2], perm.back());
  attributes t;
  t.set("perm", std::move(perm));
  const tensor_id to = n.temporary(suffix, n.g()[of].type);
  if (auto s = n.emit(ops::transpose, {of}, {to}, std::move(t)); !s) return s.error();
  return to;
}
/// Another shape, whose elements are these, repeated where they broadcast.
inline result<tensor_id> in_shape(tflite_node& n, const op_def& op, tensor_id of,
                                  const char* suffix, const dims& shape) {
  attributes a;
  a.set("shape", std::vector<std::int64_t>(shape.begin(), shape.end()));
  const tensor_id to = n.temporary(suffix, n.g()[of].type);
  if (auto s = n.emit(op, {of}, {to}, std::move(a)); !s) return s.error();
  return to;
}
/// Floats times constant matrices of 8-bit weights: of one matrix the fully connected layer of its
/// columns.
inline status dynamic_batch_matmul(tflite_node& n, const tflite_schema::batch_matmul_options& o) {
  dims x = n.in(0).shape;
  const dims w = n.in(1).shape;
  const shape_or y = batch_matmul_shape({o.adj_x, o.adj_y}, x, w);
  if (y.broken) return y.broken;
  if (auto s = check_dynamic_matmul(n, y.shape, o); !s) return s;
  const bool one_matrix = is_one_matrix(x, w);
  dynamic_accumulation layer{.op = one_matrix ? &ops::fully_connected : &ops::qnn_batch_matmul};
  layer.in = n.in_id(0);
  if (auto s = n.hold_constant(n.in(1).data.bytes.size()); !s) return s;
  const tensor codes = n.in(1);  // without its scales, which are along another axis
  layer.weights = n.g().add_constant(n.out().name + "/codes", codes.type, w, codes.data);
  const auto take = [](tensor_id& to, const result<tensor_id>& made) {
    if (made) to = *made;
    return made ? status(unit{}) : status(made.error());
  };
  if (o.adj_x) {
    if (auto s = take(layer.in, last_axes_exchanged(n, layer.in, "/transposed")); !s) return s;
    x = n.g()[layer.in].shape;
  }
  if (one_matrix) {
    const dims matrix{w.back(1), w.back(0)};
    if (w.rank > 2)
      if (auto s = take(layer.weights, in_shape(n, ops::reshape, layer.weights, "/matrix", matrix));
          !s)
        return s;
    if (!o.adj_y)
      if (auto s = take(layer.weights, last_axes_exchanged(n, layer.weights, "/weights")); !s)
        return s;
    tensor& turned = n.g()[layer.weights];
    turned.scales = codes.scales, turned.axis = codes.scales.size() > 1 ? 0 : -1;
    layer.attrs.set("keep_dims", std::int64_t{1});
  } else {
    layer.scales = codes.scales;
    // Each row of the result has a scale: floats that meet several matrices are repeated.
    dims all = y.shape;
    all[all.rank - 1] = x.back(0);
    if (!(all == x))
      if (auto s = take(layer.in, in_shape(n, ops::broadcast_to, layer.in, "/repeated", all)); !s)
        return s;
    if (o.adj_y) layer.attrs.set("adj_y", std::int64_t{1});
  }
  layer.layer.layer = laws::dynamic_layer::fully_connected;
  layer.layer.asks_zero_point = o.asymmetric_quantize_inputs;
  layer.layer.products = x.back(0);
  layer.layer.vectors =
      x.back(0) == 0
          ? 0
          : static_cast<std::int64_t>(n.g()[layer.in].shape.elements().value / as_size(x.back(0)));
  return n.accumulate(std::move(layer), tflite_activation::none);
}
inline status batch_matmul(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  attributes a;
  const auto o = n.options<tflite_schema::batch_matmul_options>();
  if (is_dynamic(n)) return dynamic_batch_matmul(n, o);
  if (o.adj_x) a.set("adj_x", std::int64_t{1});
  if (o.adj_y) a.set("adj_y", std::int64_t{1});
  if (!quantized(n.in(0))) return n.emit(ops::batch_matmul, std::move(a));
  if (n.out().type == dtype::s32)
    return unsupported("int32 as result of a quantized matrix product", {},
                       "int8, int16: TFLite multiplies the codes there, zero points and all");
  if (n.in(1).scales.size() != 1)
    return unsupported("quantization of the second operand",
                       std::to_string(n.in(1).scales.size()) + " scales", "one scale per tensor");
  return accumulate_and_requantize(n, ops::qnn_batch_matmul, std::move(a), n.ins(),
                                   tflite_activation::none);
}

/// The attributes of a transposed convolution of strides `t` whose output is `height` x `width`: it
/// is cropped by max((in - 1) * stride + kernel - out, 0) / 2 before.
inline result<attributes> transposed_attributes(transpose_conv2d_attrs t, const dims& x,
                                                const dims& w, std::int64_t height,
                                                std::int64_t width) {
  if (t.stride_h < 1 || t.stride_w < 1)
    return invalid("stride", std::to_string(t.stride_h) + "x" + std::to_string(t.stride_w),
                   "1 or more");
  const auto place = [](std::int64_t in, std::int64_t stride, std::int64_t kernel,
                        std::int64_t out) -> std::optional<laws::axis_padding> {
    if (out < 1 || out > INT32_MAX) return std::nullopt;
    const std::int64_t extra =
        (in - 1) * stride + kernel - out;  // negative: columns that no input reaches
    if (extra > INT32_MAX || extra < -INT32_MAX) return std::nullopt;
    return laws::transposed_padding(static_cast<std::int32_t>(extra));
  };
  const auto rows = place(x[1], t.stride_h, w[1], height),
             columns = place(x[2], t.stride_w, w[2], width);
  if (!rows || !columns)
    return invalid("output shape", std::to_string(height) + "x" + std::to_string(width));
  t.pad_top = rows->before, t.pad_bottom = rows->after, t.output_padding_h = rows->more;
  t.pad_left = columns->before, t.pad_right = columns->after, t.output_padding_w = columns->more;
  attributes a = to_attributes(t);
  for (const char* unused : {"dilation_h", "dilation_w", "groups"}) a.erase(unused);
  return a;
}
/// Floats with 8-bit weights, each image with a scale and a zero point of its own.
inline status products_by_themselves(tflite_node& n, attributes a, tflite_activation fused) {
  laws::facts left = facts_of_file(n);
  left.framework.int4_weights = true;  // what XNNPACK leaves means to a law
  attributes quantize;
  quantize.set("rows", std::int64_t{n.in(2).shape[0]});
  quantize.set("asymmetric", std::int64_t{1});
  const tensor_id codes = n.temporary("/quantized", dtype::s16),
                  images = n.temporary("/image_scales", dtype::f32);
  if (auto s = n.emit_decided(laws::dynamic_quantize(left), ops::dynamic_quantize, {n.in_id(2)},
                              {codes, images}, tflite_activation::none, std::move(quantize));
      !s)
    return s;
  std::vector<tensor_id> in{codes, n.in_id(1), images};
  if (n.has(3)) in.push_back(n.in_id(3));
  return n.emit(ops::dynamic_transpose_conv2d, std::move(in), n.outs(), std::move(a), fused);
}
/// Inputs: output shape, weights [O,KH,KW,I], input, bias.
inline status transpose_conv(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  // A shape that is an input of the file is taken to be the one the converter saw.
  std::vector<std::int64_t> shape = n.integers(0);
  if (!n.is_constant(0)) shape.assign(n.out().shape.begin(), n.out().shape.end());
  if (shape.size() != 4) return unsupported("an output shape that is computed at run time");
  const tensor w = n.in(1), x = n.in(2);
  if (x.shape.rank != 4 || w.shape.rank != 4)
    return invalid("rank of input or weights", to_string(x.shape) + " and " + to_string(w.shape),
                   "[N,H,W,C] and [O,KH,KW,I]");
  if (auto s = check_weights(n, n.in_id(2), n.in_id(1), false); !s) return s;
  const bool plain = x.type == dtype::f32 && w.type == dtype::f32;
  const auto o = n.options<tflite_schema::transpose_conv_options>();
  if (auto s = check_padding(o.padding); !s) return s;
  if (auto s = check_bias(n, n.in_id(2), n.in_id(3), o.bias_type); !s) return s;
  const bool below_stride = o.padding == tflite_schema::padding_scheme::same &&
                            (w.shape[1] < o.stride_h || w.shape[2] < o.stride_w);
  n.framework.kernel_below_stride = below_stride;
  transpose_conv2d_attrs t;
  t.stride_w = o.stride_w, t.stride_h = o.stride_h;
  auto placed = transposed_attributes(t, x.shape, w.shape, shape[1], shape[2]);
  if (!placed) return placed.error();
  attributes a = std::move(*placed);
  std::vector<tensor_id> in{n.in_id(2), n.in_id(1)};
  if (n.has(3)) in.push_back(n.in_id(3));
  if (!n.has(3) && x.type == dtype::s16 && o.bias_type == tflite_schema::tensor_type::int32) {
    const auto none = zeros(n, "/bias", dtype::s32, dims{w.shape[0]});  // sums have its type
    if (!none) return none.error();
    in.push_back(*none);
  }
  n.framework.kernel_below_stride |= !delegated(n, in).taken();  // what it means to a law
  if (plain && below_stride && laws::has_xnnpack(n.g().arithmetic))
    return n.emit_decided(laws::optimized_float_transpose_conv2d(), ops::float_transpose_conv2d,
                          std::move(in), n.outs(), o.activation, std::move(a));
  if (plain)
    return n.emit(ops::float_transpose_conv2d, std::move(in), n.outs(), std::move(a), o.activation);
  if (x.type == dtype::f32 && w.type == dtype::s8 && !w.scales.empty() &&
      n.out().type == dtype::f32) {
    if (laws::dynamic_transpose_conv2d(facts_of_file(n)).by != laws::library::xnnpack)
      return products_by_themselves(n, std::move(a), o.activation);
    laws::dynamic_facts layer;
    layer.layer = laws::dynamic_layer::conv2d;
    layer.images = x.shape[0];
    layer.products = std::int64_t{w.shape[1]} * w.shape[2] * w.shape[3];
    return n.accumulate(dynamic_accumulation{.op = &ops::transpose_conv2d,
                                             .in = n.in_id(2),
                                             .weights = n.in_id(1),
                                             .bias = n.in_id(3),
                                             .attrs = std::move(a),
                                             .layer = layer},
                        o.activation);
  }
  if (laws::has_xnnpack(n.g().arithmetic) && n.framework.kernel_below_stride && is_8bit(x.type) &&
      !x.scales.empty() && !w.scales.empty() && is_8bit(n.out().type) && !n.out().scales.empty())
    return layer_in_blocks(
        n, {.op = &ops::transpose_conv2d, .in = std::move(in), .attrs = std::move(a)},
        o.activation);
  return accumulate_and_requantize(n, ops::transpose_conv2d, std::move(a), std::move(in),
                                   o.activation);
}

template <class Options> result<attributes> resize_attributes(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s.error();
  const auto size = n.integers(1);
  if (size.size() != 2) return unsupported("a size that is computed at run time");
  attributes a;
  a.set("out_h", size[0]);
  a.set("out_w", size[1]);
  const auto o = n.options<Options>();
  if (o.align_corners) a.set("align_corners", std::int64_t{1});
  if (o.half_pixel_centers) a.set("half_pixel_centers", std::int64_t{1});
  return a;
}
inline status resize_bilinear(tflite_node& n) {
  auto a = resize_attributes<tflite_schema::resize_bilinear_options>(n);
  if (!a) return a.error();
  if (quantized(n.in(0)) && !(n.in(0).scales == n.out().scales &&
                              tflite_node::zero(n.in(0)) == tflite_node::zero(n.out()))) {
    const tensor& x = n.in(0);
    laws::facts f = facts_of_file(n);
    f.x.type = x.type, f.keeps_quantization = false;
    if (!laws::resize_bilinear(f).known)
      return unsupported("a resize whose result has other parameters than its input", {},
                         "under tflite_ref: the default interpreter refuses it");
    const tensor_id codes = n.temporary("/codes", x.type, x.scales, x.zero_points);
    if (auto s = n.emit(ops::qnn_resize_bilinear, {n.in_id(0)}, {codes}, std::move(*a)); !s)
      return s;
    return n.emit(ops::identity, {codes}, n.outs());
  }
  return n.emit(quantized(n.in(0)) ? ops::qnn_resize_bilinear : ops::resize_bilinear, {n.in_id(0)},
                n.outs(), std::move(*a));
}
inline status resize_nearest(tflite_node& n) {
  auto a = resize_attributes<tflite_schema::resize_nearest_neighbor_options>(n);
  if (!a) return a.error();
  return n.emit(ops::resize_nearest, {n.in_id(0)}, n.outs(), std::move(*a));
}

inline constexpr tflite_row matrix_rows[] = {
    {"RESIZE_BILINEAR", &resize_bilinear},
    {"TRANSPOSE_CONV", &transpose_conv},
    {"RESIZE_NEAREST_NEIGHBOR", &resize_nearest},
    {"BATCH_MATMUL", &batch_matmul},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_MATRIX_HPP_

OCTET_NAMESPACE_BEGIN
namespace import {

/// A caller's operator: its inputs and outputs are the file's.
inline status convert_custom(tflite_node& n, const op_def& op) {
  return n.emit(op, flexbuffer(n.custom_options).map());
}

/// One of octet's custom operators: its name in files and what it becomes.
struct tflite_custom_row {
  std::string_view name;
  status (*convert)(tflite_node&);
};
namespace tflite_rows {
/// An option that is an integer or a real number.
inline double custom_number(const attributes& o, const char* key, double otherwise) {
  return attribute_view(o).find(key).is(attribute_value::kind::integer)
             ? static_cast<double>(o.integer(key))
             : o.real(key, otherwise);
}
/// The same as an int32, cut as the framework cuts it.
inline result<std::int32_t> custom_int32(const attributes& o, const char* key, std::int32_t least) {
  const double v = custom_number(o, key, 0);
  if (!(v >= least && v <= INT32_MAX))
    return invalid(key, std::to_string(v), std::to_string(least) + " or more");
  return static_cast<std::int32_t>(v);
}
/// Quantized operands become floats first. Regular form: classes choose for themselves.
inline status detection_postprocess(tflite_node& n) {
  if (n.outputs() != 4) return invalid("outputs", std::to_string(n.outputs()), "4");
  const attributes o = flexbuffer(n.custom_options).map();
  const auto number = [&](const char* key, double otherwise) {
    return custom_number(o, key, otherwise);
  };
  detection_postprocess_attrs a;
  a.most = static_cast<std::int32_t>(o.integer("max_detections"));
  a.classes = static_cast<std::int32_t>(o.integer("num_classes"));
  a.per_box = static_cast<std::int32_t>(o.integer("max_classes_per_detection", 1));
  if (o.integer("use_regular_nms") != 0) {
    const std::int64_t most = o.integer("detections_per_class", 100);
    if (most < 1 || most > INT32_MAX)
      return invalid("detections_per_class", std::to_string(most), "1 or more");
    a.per_class = static_cast<std::int32_t>(most);
  }
  a.score = number("nms_score_threshold", 0), a.overlap = number("nms_iou_threshold", 0);
  if (!(a.overlap > 0 && a.overlap <= 1))
    return invalid("nms_iou_threshold", std::to_string(a.overlap), "above 0, 1 at most");
  a.y_scale = number("y_scale", 0), a.x_scale = number("x_scale", 0);
  a.h_scale = number("h_scale", 0), a.w_scale = number("w_scale", 0);
  std::vector<tensor_id> in;
  for (std::size_t i = 0; i < 3; ++i) {
    if (!n.has(i)) return invalid("input " + std::to_string(i) + " is absent");
    in.push_back(n.in_id(i));
    if (n.in(i).type == dtype::f32) continue;
    in.back() = n.temporary("/values", dtype::f32);
    if (auto s = n.emit(ops::dequantize, {n.in_id(i)}, {in.back()}); !s) return s;
  }
  return n.emit(ops::detection_postprocess, std::move(in), n.outs(), to_attributes(a));
}
/// People in the fields of a pose network; with far offsets, the fourth input, also which of them
/// each cell belongs to. Masks are of 33x33 cells whatever the offsets are: of other sizes the
/// framework writes beside them.
inline status posenet_decoder(tflite_node& n) {
  const bool masks = n.inputs() == 4;
  if (auto s = need_inputs(n, masks ? 4 : 3); !s) return s;
  if (n.inputs() > 4 || n.outputs() != (masks ? 5u : 4u))
    return invalid("inputs and outputs",
                   std::to_string(n.inputs()) + " and " + std::to_string(n.outputs()),
                   "3 and 4, or 4 and 5 with masks");
  for (std::size_t i = 0; i < n.inputs(); ++i)
    if (const dtype t = n.in(i).type; t != dtype::f32 && t != dtype::u8)
      return unsupported("element type of input " + std::to_string(i), std::string(name_of(t)),
                         "float32, uint8");
  const attributes o = flexbuffer(n.custom_options).map();
  const auto most = custom_int32(o, "max_detections", masks ? 1 : 0);
  if (!most) return most.error();
  const auto stride = custom_int32(o, "stride", 1);
  if (!stride) return stride.error();
  pose_decode_attrs a;
  a.most = *most, a.stride = *stride;
  a.score = custom_number(o, "score_threshold", 0), a.radius = custom_number(o, "nms_radius", 0);
  std::vector<tensor_id> out = n.outs();
  out.resize(4);
  if (auto s =
          n.emit(ops::pose_decode, {n.in_id(0), n.in_id(1), n.in_id(2)}, out, to_attributes(a));
      !s || !masks)
    return s;
  const dims& far = n.in(3).shape;
  if (far.rank == 4 && (far[1] != 33 || far[2] != 33))
    return unsupported("far offsets of", to_string(far), "[1,33,33,34], as its masks are");
  return n.emit(ops::pose_masks, {n.in_id(3), out[0], out[3]}, {n.out_id(4)},
                to_attributes(pose_masks_attrs{a.stride}));
}
/// MediaPipe's transposed convolution: input, weights [O,KH,KW,I], bias, all floats. Its options
/// are the bytes of a struct: three int32, padding (1 SAME, 2 VALID), stride of width, of height;
/// what may follow is not read. SAME crops kernel - (in - 1) % stride - 1 rows and columns, where
/// that is more than 0.
inline status transpose_conv_with_bias(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  const tensor &x = n.in(0), &w = n.in(1);
  for (std::size_t i = 0; i < 3; ++i)
    if (n.in(i).type != dtype::f32)
      return unsupported("element type of input " + std::to_string(i),
                         std::string(name_of(n.in(i).type)), "float32");
  if (x.shape.rank != 4 || w.shape.rank != 4)
    return invalid("rank of input or weights", to_string(x.shape) + " and " + to_string(w.shape),
                   "[N,H,W,C] and [O,KH,KW,I]");
  if (n.custom_options.size() < 12)
    return invalid("custom options", std::to_string(n.custom_options.size()) + " bytes",
                   "padding and two strides, 4 bytes each");
  const auto option = [&](std::size_t i) {
    std::uint32_t v = 0;  // the least byte first
    for (std::size_t b = 0; b < 4; ++b) v |= std::uint32_t{n.custom_options[4 * i + b]} << (8 * b);
    return static_cast<std::int32_t>(v);
  };
  constexpr std::int32_t same = 1, valid = 2;
  const std::int32_t padding = option(0);
  if (padding != same && padding != valid)
    return invalid("padding", std::to_string(padding), "1 (SAME), 2 (VALID)");
  transpose_conv2d_attrs t;
  t.stride_w = option(1), t.stride_h = option(2);
  if (t.stride_h < 1 || t.stride_w < 1 || x.shape[1] < 1 || x.shape[2] < 1)
    return invalid("stride or image", to_string(x.shape), "1 or more");
  const auto extent = [&](std::int64_t in, std::int64_t stride, std::int64_t kernel) {
    const std::int64_t whole = stride * (in - 1) + kernel;
    return padding == valid ? whole
                            : whole - std::max<std::int64_t>(0, kernel - (in - 1) % stride - 1);
  };
  auto a = transposed_attributes(t, x.shape, w.shape, extent(x.shape[1], t.stride_h, w.shape[1]),
                                 extent(x.shape[2], t.stride_w, w.shape[2]));
  if (!a) return a.error();
  return n.emit(ops::float_transpose_conv2d, std::move(*a));
}
}  // namespace tflite_rows
inline constexpr tflite_custom_row tflite_custom_rows[] = {
    {"Convolution2DTransposeBias", &tflite_rows::transpose_conv_with_bias},
    {"PosenetDecoderOp", &tflite_rows::posenet_decoder},
    {"TFLite_Detection_PostProcess", &tflite_rows::detection_postprocess},
};

constexpr const tflite_custom_row* find_tflite_custom_row(std::string_view name) {
  for (const tflite_custom_row& r : tflite_custom_rows)
    if (r.name == name) return &r;
  return nullptr;
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_CUSTOM_HPP_
// ---- octet/import/tflite/refused.hpp
// Builtin operators of TensorFlow Lite that octet refuses, each with the reason. Every operator of
// the schema has a row, is carried out by the loader itself, or stands here.
#ifndef OCTET_IMPORT_TFLITE_REFUSED_HPP_
#define OCTET_IMPORT_TFLITE_REFUSED_HPP_

// ---- octet/import/tflite/rows.hpp
// The TFLite loader's table: the rows that convert operators, one file per family.
#ifndef OCTET_IMPORT_TFLITE_ROWS_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_HPP_

#include <array>

// ---- octet/import/tflite/rows_activation.hpp
// TFLite operators of one tensor: activations, elementary functions, softmax, normalization; and
// PRELU.
#ifndef OCTET_IMPORT_TFLITE_ROWS_ACTIVATION_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_ACTIVATION_HPP_


OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

/// `Inputs` inputs, quantized and float32 forms.
template <const op_def& Quantized, const op_def& Float, std::size_t Inputs = 1>
status function_node(tflite_node& n) {
  if (auto s = need_inputs(n, Inputs); !s) return s;
  return n.emit(quantized(n.in(0)) ? Quantized : Float);
}
inline status leaky_relu(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  attributes a;
  a.set("alpha", static_cast<double>(n.options<tflite_schema::leaky_relu_options>().alpha));
  return n.emit(quantized(n.in(0)) ? ops::qnn_leaky_relu : ops::leaky_relu, std::move(a));
}
inline status gelu(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  attributes a;
  if (n.options<tflite_schema::gelu_options>().approximate) a.set("approximate", std::int64_t{1});
  return n.emit(quantized(n.in(0)) ? ops::qnn_gelu : ops::gelu, std::move(a));
}
inline status softmax(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  attributes a;
  const auto o = n.options<tflite_schema::softmax_options>();
  if (o.beta != 1) a.set("beta", static_cast<double>(o.beta));
  const tensor y = n.out();
  if (!quantized(n.in(0))) return n.emit(ops::softmax, std::move(a));
  const std::int32_t zero = quantized(y) ? tflite_node::zero(y) : 0;
  if (y.type == dtype::s8 && quantized(y) && zero != -128)  // as in the framework
    return unsupported("zero point of the result", std::to_string(zero), "-128");
  if (y.type != dtype::u8 || zero == 0) return n.emit(ops::qnn_softmax, std::move(a));
  // The framework's codes count from 0, whatever the zero point.
  const tensor_id codes = n.temporary("/codes", y.type, y.scales, {0});
  if (auto s = n.emit(ops::qnn_softmax, {n.in_id(0)}, {codes}, std::move(a)); !s) return s;
  return n.emit(ops::identity, {codes}, n.outs());
}
template <const op_def& Float> status float_node(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  return n.emit(Float);
}

inline status neg(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (n.in(0).type != dtype::f32 || !laws::subtracts_to_negate(n.g().arithmetic))
    return n.emit(quantized(n.in(0)) ? ops::qnn_neg : ops::neg);
  const float zero = 0;
  const tensor_id none = n.g().add_constant(n.out().name + "/zero", dtype::f32, dims{},
                                            constant_data::of(std::span<const float>(&zero, 1)));
  return n.emit(ops::sub, {none, n.in_id(0)}, n.outs());
}
/// The sign of NaN is that NaN.
inline status sign(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const tensor_id x = n.in_id(0), number = n.temporary("/number", dtype::boolean),
                  sign = n.temporary("/sign", n.in(0).type);
  if (n.in(0).type != dtype::f32) return n.emit(ops::sign);
  if (auto s = n.emit(ops::equal, {x, x}, {number}); !s) return s;
  if (auto s = n.emit(ops::sign, {x}, {sign}); !s) return s;
  return n.emit(ops::select, {number, sign, x}, n.outs());
}

inline constexpr tflite_row activation_rows[] = {
    {"FLOOR", &float_node<ops::floor>},
    {"L2_NORMALIZATION", &function_node<ops::qnn_l2_normalization, ops::l2_normalization>},
    {"LOGISTIC", &function_node<ops::qnn_logistic, ops::logistic>},
    {"RELU", &function_node<ops::qnn_relu, ops::relu>},
    {"RELU_N1_TO_1", &function_node<ops::qnn_relu_n1_to_1, ops::relu_n1_to_1>},
    {"RELU6", &function_node<ops::qnn_relu6, ops::relu6>},
    {"SOFTMAX", &softmax},
    {"TANH", &function_node<ops::qnn_tanh, ops::tanh>},
    {"EXP", &function_node<ops::qnn_exp, ops::exp>},
    {"LOG_SOFTMAX", &function_node<ops::qnn_log_softmax, ops::log_softmax>},
    {"PRELU", &function_node<ops::qnn_prelu, ops::prelu, 2>},
    {"NEG", &neg},
    {"SIN", &function_node<ops::qnn_sin, ops::sin>},
    {"LOG", &function_node<ops::qnn_log, ops::log>},
    {"SQRT", &function_node<ops::qnn_sqrt, ops::sqrt>},
    {"RSQRT", &function_node<ops::qnn_rsqrt, ops::rsqrt>},
    {"SQUARE", &function_node<ops::qnn_square, ops::square>},
    {"LEAKY_RELU", &leaky_relu},
    {"ABS", &function_node<ops::qnn_abs, ops::abs>},
    {"CEIL", &float_node<ops::ceil>},
    {"COS", &function_node<ops::qnn_cos, ops::cos>},
    {"ELU", &function_node<ops::qnn_elu, ops::elu>},
    {"ROUND", &float_node<ops::round>},
    {"HARD_SWISH", &function_node<ops::qnn_hard_swish, ops::hard_swish>},
    {"GELU", &gelu},
    {"SIGN", &sign},
    {"RELU_0_TO_1", &function_node<ops::qnn_relu_0_to_1, ops::relu_0_to_1>},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_ACTIVATION_HPP_
// ---- octet/import/tflite/rows_binary.hpp
// TFLite's other two-operand operators: MINIMUM, MAXIMUM, comparisons, logic, SQUARED_DIFFERENCE,
// DIV, FLOOR_DIV, FLOOR_MOD, POW, bits, SELECT, CAST.
#ifndef OCTET_IMPORT_TFLITE_ROWS_BINARY_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_BINARY_HPP_

// ---- octet/import/tflite/rows_shape.hpp
// TFLite operators that move data: RESHAPE, SQUEEZE, EXPAND_DIMS, CONCATENATION, PAD, PADV2,
// MIRROR_PAD.
#ifndef OCTET_IMPORT_TFLITE_ROWS_SHAPE_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_SHAPE_HPP_


OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

/// What only moves complex numbers gives complex numbers.
inline status keeps_complex(const tflite_node& n) {
  if (n.is_complex(n.in_id(0)) == n.is_complex(n.out_id())) return unit{};
  return invalid("element types", "complex64 and real");
}
/// The shape comes from the second input if it is known, else from the options, else from the
/// output tensor of the file.
inline status reshape(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (auto s = keeps_complex(n); !s) return s;
  attributes a;
  std::vector<std::int64_t> shape;
  bool with_parts = false;
  if (n.is_constant(1) && n.in(1).shape.rank == 1)
    shape = n.integers(1);
  else if (!n.has(1) && n.has_options())
    shape = n.options<tflite_schema::reshape_options>().new_shape;
  else
    shape.assign(n.out().shape.begin(), n.out().shape.end()), with_parts = true;
  if (shape.size() == 1 && shape[0] == 0) shape.clear();  // old converters wrote [0] for a scalar
  if (n.is_complex(n.in_id(0)) && !with_parts) shape.push_back(2);
  if (shape.size() > dims::max_rank)
    return unsupported("rank", std::to_string(shape.size()),
                       "at most " + std::to_string(dims::max_rank));
  for (std::int64_t v : shape)
    if (v < -1 || v > INT32_MAX) return invalid("extent", std::to_string(v));
  a.set("shape", std::move(shape));
  return n.emit(ops::reshape, {n.in_id(0)}, n.outs(), std::move(a));
}
inline status squeeze(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (auto s = keeps_complex(n); !s) return s;
  attributes a;
  auto o = n.options<tflite_schema::squeeze_options>();
  if (n.is_complex(n.in_id(0)))
    for (std::int64_t& axis : o.squeeze_dims)
      axis = tflite_node::wrap(axis, n.in(0).shape.rank - 1);
  if (!o.squeeze_dims.empty()) a.set("axes", std::move(o.squeeze_dims));
  return n.emit(ops::squeeze, std::move(a));
}
inline status expand_dims(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  if (auto s = keeps_complex(n); !s) return s;
  const auto axis = n.integers(1);
  if (axis.size() != 1) return unsupported("an axis that is computed at run time");
  attributes a;
  a.set("axis",
        n.is_complex(n.in_id(0)) ? tflite_node::wrap(axis[0], n.in(0).shape.rank) : axis[0]);
  return n.emit(ops::expand_dims, {n.in_id(0)}, n.outs(), std::move(a));
}

inline bool same_quantization(const tensor& a, const tensor& b) {
  return a.scales == b.scales && tflite_node::zero(a) == tflite_node::zero(b);
}
inline status concatenation(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const auto o = n.options<tflite_schema::concatenation_options>();
  if (o.activation != tflite_activation::none)
    return unsupported("fused activation of a concatenation",
                       std::to_string(static_cast<int>(o.activation)), "NONE");
  attributes a;
  a.set("axis", std::int64_t{o.axis});
  bool copies = true;
  for (std::size_t i = 0; i < n.inputs(); ++i) {
    if (!n.has(i)) return invalid("input " + std::to_string(i) + " is absent");
    copies &= same_quantization(n.in(i), n.out());
  }
  if (!quantized(n.out())) return n.emit(ops::concat, std::move(a));
  if (copies || n.out().type == dtype::u8) return n.emit(ops::qnn_concat, std::move(a));
  // Of int16 TFLite copies the codes, whatever their scales; of int8 it refuses other parameters.
  bool centred = n.out().type == dtype::s16 && tflite_node::zero(n.out()) == 0;
  for (std::size_t i = 0; i < n.inputs(); ++i)
    centred &= n.in(i).type == dtype::s16 && tflite_node::zero(n.in(i)) == 0;
  if (!centred)
    return unsupported("concatenation of different scales on " + std::string(name_of(n.out().type)),
                       {}, "equal scales and zero points");
  return n.emit(ops::concat, std::move(a));
}

inline status paddings_of(tflite_node& n, attributes& to) {
  if (auto s = need_inputs(n, 2); !s) return s;
  if (!n.is_constant(1)) return unsupported("paddings that are computed at run time");
  to.set("paddings", n.integers(1));
  return unit{};
}
/// A value that is computed stands where a mask of the input's shape is padded.
inline status pad_by_value(tflite_node& n, attributes a) {
  const bool q = quantized(n.in(0));
  const tensor v = n.in(2);
  if (v.shape.elements().value != 1)
    return unsupported("a pad value", to_string(v.shape), "one element");
  if (v.type != n.in(0).type || (q && !same_quantization(v, n.out())))
    return unsupported("a pad value of other type or quantization than the result",
                       std::string(name_of(v.type)), "those of the result");
  const auto inside = zeros(n, "/inside", dtype::boolean, dims(n.in(0).shape));
  if (!inside) return inside.error();
  const tensor_id outside = n.temporary("/outside", dtype::boolean),
                  padded = n.temporary("/padded", n.out().type, std::vector<double>(n.out().scales),
                                       std::vector<std::int32_t>(n.out().zero_points));
  attributes by_one = a;
  by_one.set("value", std::int64_t{1});
  if (auto s = n.emit(ops::pad, {*inside}, {outside}, std::move(by_one)); !s) return s;
  if (auto s = n.emit(q ? ops::qnn_pad : ops::pad, {n.in_id(0)}, {padded}, std::move(a)); !s)
    return s;
  return n.emit(ops::select, {outside, n.in_id(2), padded}, n.outs());
}
/// PAD fills with the output's zero point, PADV2 with the given element.
inline status pad(tflite_node& n) {
  attributes a;
  if (auto s = paddings_of(n, a); !s) return s;
  const bool q = quantized(n.in(0));
  if (n.has(2)) {
    if (!n.is_constant(2) || n.in(2).shape.elements().value != 1)
      return pad_by_value(n, std::move(a));
    const tensor& v = n.in(2);
    if (q && (v.type != n.in(0).type || !same_quantization(v, n.out())))
      return unsupported("a pad value of other type or quantization than the result",
                         std::string(name_of(v.type)), "those of the result");
    const std::byte* at = v.data.bytes.data();
    const auto set = [&]<class T>(type_tag<T>) {
      T e;
      std::memcpy(&e, at, sizeof e);
      a.set("value", static_cast<std::int64_t>(e));
    };
    if (v.type == dtype::f32) {
      float e;
      std::memcpy(&e, at, sizeof e);
      a.set("value", static_cast<double>(e));
    } else if (v.type == dtype::f16) {
      std::uint16_t e;
      std::memcpy(&e, at, sizeof e);
      a.set("value", static_cast<double>(numerics::from_f16(e)));
    } else if (v.type == dtype::boolean) {
      a.set("value", std::int64_t{*at != std::byte{0}});
    } else if (!with_integer(v.type, set)) {
      return unsupported("element type of the pad value", std::string(name_of(v.type)));
    }
  }
  return n.emit(q ? ops::qnn_pad : ops::pad, {n.in_id(0)}, n.outs(), std::move(a));
}
inline status mirror_pad(tflite_node& n) {
  attributes a;
  if (auto s = paddings_of(n, a); !s) return s;
  a.set("mode", std::int64_t{n.options<tflite_schema::mirror_pad_options>().mode});
  return n.emit(ops::mirror_pad, {n.in_id(0)}, n.outs(), std::move(a));
}

inline constexpr tflite_row shape_rows[] = {
    {"CONCATENATION", &concatenation},
    {"RESHAPE", &reshape},
    {"PAD", &pad},
    {"SQUEEZE", &squeeze},
    {"PADV2", &pad},
    {"EXPAND_DIMS", &expand_dims},
    {"MIRROR_PAD", &mirror_pad},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_SHAPE_HPP_

OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

/// Of equal floats, 0 and -0, and of a NaN the framework gives the second operand, octet's operator
/// the first; but of a tensor and one element XNNPACK gives the tensor's where the file holds the
/// element, else the element.
inline bool gives_second_operand(const tflite_node& n) {
  if (!laws::has_xnnpack(n.g().arithmetic)) return true;
  const auto one = [&](std::size_t i) { return n.in(i).shape.elements().value == 1; };
  return one(0) ? n.is_constant(0) : !one(1) || !n.is_constant(1);
}
/// TFLite compares raw values whatever the parameters say; its converter usually makes all three
/// equal.
template <const op_def& Quantized, const op_def& Plain> status extremum(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  if (n.in(0).type == dtype::f32 && gives_second_operand(n))
    return n.emit(Plain, {n.in_id(1), n.in_id(0)}, n.outs());
  const bool equal = quantized(n.in(0)) && same_quantization(n.in(0), n.in(1)) &&
                     same_quantization(n.in(0), n.out());
  return n.emit(equal ? Quantized : Plain);
}
/// The framework divides by the scales of codes, or compares by them, also where there are none.
inline status codes_have_scale(const tflite_node& n) {
  const dtype t = n.in(0).type;
  if (quantized(n.in(0)) || !(is_8bit(t) || t == dtype::s16)) return unit{};
  return unsupported("operands without a scale", std::string(name_of(t)),
                     "float32, int32, int64; int8, uint8 and int16 with scales");
}
/// Quantized operands are brought to a common scale, in int16 only for equality; the order of int16
/// and plain numbers is that of their values.
template <const op_def& Quantized, const op_def& Plain> status comparison(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  constexpr bool equality = &Plain == &ops::equal || &Plain == &ops::not_equal;
  if (equality && !(&Plain == &ops::equal && n.in(0).type == dtype::s16))
    if (auto s = codes_have_scale(n); !s) return s;
  return n.emit(quantized(n.in(0)) && (equality || is_8bit(n.in(0).type)) ? Quantized : Plain);
}
inline status div(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  if (auto s = codes_have_scale(n); !s) return s;
  return fused_binary<ops::qnn_div, ops::div>(n);
}
/// On raw values, whatever the parameters say.
template <const op_def& Op> status raw_binary(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  return n.emit(Op);
}
inline status logical_not(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const tensor_id no = n.g().add_constant(n.out().name + "/false", dtype::boolean, dims{},
                                          constant_data::copy(std::array{std::byte{0}}));
  return n.emit(ops::equal, {n.in_id(0), no}, n.outs());
}
template <const op_def& Op> status plain_binary(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  if (quantized(n.in(0)))
    return unsupported("quantized operands", std::string(name_of(n.in(0).type)),
                       "float32, int32, int64");
  return n.emit(Op);
}
inline status squared_difference(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  return n.emit(quantized(n.in(0)) ? ops::qnn_squared_difference : ops::squared_difference);
}
/// A choice whose result is brought to a shape of the file.
inline status select_as(tflite_node& n, const dims& shape) {
  const tensor_id y = n.temporary("/choice", n.out().type, n.out().scales, n.out().zero_points);
  if (auto s = n.emit(ops::select, n.ins(), {y}); !s) return s;
  attributes a;
  a.set("shape", std::vector<std::int64_t>(shape.begin(), shape.end()));
  return n.emit(ops::reshape, {y}, n.outs(), std::move(a));
}
/// SELECT takes a condition per outermost index, SELECT_V2 broadcasts. Of three operands of one
/// element each, the result has the shape that the file gives it.
template <bool Broadcasts> status select(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  const auto one = [](const tensor& t) { return t.shape.elements().value == 1; };
  if (one(n.in(0)) && one(n.in(1)) && one(n.in(2)) && one(n.out()))
    return select_as(n, dims(n.out().shape));
  if (!Broadcasts && n.in(0).shape.rank == 1 && n.in(1).shape.rank > 1) {
    attributes a;
    std::vector<std::int64_t> shape(as_size(n.in(1).shape.rank), 1);
    shape[0] = n.in(0).shape[0];
    a.set("shape", std::move(shape));
    const tensor_id c = n.temporary("/condition", n.in(0).type);
    if (auto s = n.emit(ops::reshape, {n.in_id(0)}, {c}, std::move(a)); !s) return s;
    return n.emit(ops::select, {c, n.in_id(1), n.in_id(2)}, n.outs());
  }
  return n.emit(ops::select);
}
inline status cast(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const dtype from = n.in(0).type, to = n.out().type;
  tensor_id x = n.in_id(0);
  if (from == dtype::f16 && to == dtype::f32) return n.emit(ops::dequantize);
  if (from == dtype::f16 || (to == dtype::f16 && from != dtype::f32)) {
    const tensor_id wide = n.temporary("/wide", dtype::f32);
    const op_def& widen = from == dtype::f16 ? ops::dequantize : ops::cast;
    if (auto s = n.emit(widen, {x}, {wide}); !s) return s;
    x = wide;
  }
  attributes a;
  if (is_float(from) && !is_float(to) && to != dtype::boolean &&
      laws::casts_nan_to_highest(n.g().arithmetic))
    a.set("nan_is_highest", std::int64_t{1});
  return n.emit(ops::cast, {x}, n.outs(), std::move(a));
}

inline constexpr tflite_row binary_rows[] = {
    {"DIV", &div},
    {"CAST", &cast},
    {"MAXIMUM", &extremum<ops::qnn_maximum, ops::maximum>},
    {"MINIMUM", &extremum<ops::qnn_minimum, ops::minimum>},
    {"LESS", &comparison<ops::qnn_less, ops::less>},
    {"GREATER", &comparison<ops::qnn_greater, ops::greater>},
    {"GREATER_EQUAL", &comparison<ops::qnn_greater_equal, ops::greater_equal>},
    {"LESS_EQUAL", &comparison<ops::qnn_less_equal, ops::less_equal>},
    {"SELECT", &select<false>},
    {"EQUAL", &comparison<ops::qnn_equal, ops::equal>},
    {"NOT_EQUAL", &comparison<ops::qnn_not_equal, ops::not_equal>},
    {"LOGICAL_OR", &plain_binary<ops::logical_or>},
    {"LOGICAL_AND", &plain_binary<ops::logical_and>},
    {"LOGICAL_NOT", &logical_not},
    {"POW", &plain_binary<ops::pow>},
    {"BITWISE_XOR", &raw_binary<ops::bitwise_xor>},
    {"RIGHT_SHIFT", &raw_binary<ops::right_shift>},
    {"FLOOR_DIV", &raw_binary<ops::floor_div>},
    {"FLOOR_MOD", &raw_binary<ops::floor_mod>},
    {"SQUARED_DIFFERENCE", &squared_difference},
    {"SELECT_V2", &select<true>},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_BINARY_HPP_
// ---- octet/import/tflite/rows_data.hpp
// TFLite operators whose positions are data, and small ones: SCATTER_ND, DYNAMIC_UPDATE_SLICE,
// REVERSE_SEQUENCE, segments, diagonals, ADD_N, ZEROS_LIKE, WHERE, BUCKETIZE, L2_POOL_2D,
// LOCAL_RESPONSE_NORMALIZATION, CONV_3D.
#ifndef OCTET_IMPORT_TFLITE_ROWS_DATA_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_DATA_HPP_

// ---- octet/import/tflite/rows_movement.hpp
// TFLite operators that rearrange, look up or count: TRANSPOSE, SLICE, SPLIT, PACK, GATHER, TOPK,
// ARG_MAX, CUMSUM, the block rearrangements, SHAPE, ... Axes, sizes and shapes must be known when
// the file is loaded.
#ifndef OCTET_IMPORT_TFLITE_ROWS_MOVEMENT_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_MOVEMENT_HPP_


OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

/// Input i as a list for attribute `key`.
inline status list_attribute(tflite_node& n, std::size_t i, const char* key, attributes& to) {
  if (!n.has(i) || !n.is_constant(i))
    return unsupported("input " + std::to_string(i) + " (" + key +
                       ") that is computed at run time");
  to.set(key, n.integers(i));
  return unit{};
}
inline status integer_attribute(tflite_node& n, std::size_t i, const char* key, attributes& to) {
  const auto v = n.integers(i);
  if (v.size() != 1)
    return unsupported("input " + std::to_string(i) + " (" + key +
                       ") that is computed at run time or not one number");
  to.set(key, v[0]);
  return unit{};
}
inline tensor_id like(tflite_node& n, const char* suffix, tensor_id of) {
  const tensor& t = n.g()[of];
  return n.temporary(suffix, t.type, t.scales, t.zero_points, -1);
}

/// Operators with one data input and one list.
template <const op_def& Op, std::size_t Data, std::size_t List>
status with_list(tflite_node& n, const char* key) {
  if (auto s = need_inputs(n, 1); !s) return s;
  attributes a;
  if (auto s = list_attribute(n, List, key, a); !s) return s;
  return n.emit(Op, {n.in_id(Data)}, n.outs(), std::move(a));
}
inline status transpose(tflite_node& n) { return with_list<ops::transpose, 0, 1>(n, "perm"); }
inline status tile(tflite_node& n) { return with_list<ops::tile, 0, 1>(n, "multiples"); }
inline status reverse_v2(tflite_node& n) { return with_list<ops::reverse, 0, 1>(n, "axes"); }
inline status broadcast_to(tflite_node& n) {
  return with_list<ops::broadcast_to, 0, 1>(n, "shape");
}
/// FILL is a broadcast of its value.
inline status fill(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  return with_list<ops::broadcast_to, 1, 0>(n, "shape");
}
/// A slice whose position is data and whose size the file says: `size` of it, `begin` the input.
inline status slice_at(tflite_node& n, std::vector<std::int64_t> size,
                       std::vector<std::int64_t> strides, std::int64_t begin_mask,
                       std::vector<tensor_id> out) {
  attributes a;
  a.set("size", std::move(size));
  if (!strides.empty()) a.set("strides", std::move(strides));
  if (begin_mask != 0) a.set("begin_mask", begin_mask);
  return n.emit(ops::dynamic_slice, {n.in_id(0), n.in_id(1)}, std::move(out), std::move(a));
}
inline error_info open_result() {
  return unsupported("a result whose shape is known only when it runs", {},
                     "one that the file fixes: memory is laid out before anything runs");
}
/// Whether the file leaves an extent of the result open, other than a whole axis of the input that
/// is open itself: that one has the extent the caller gave.
inline bool opens(const tflite_node& n, std::int32_t from, std::int32_t to) {
  const bool whole = n.is_open(n.in_id(0), from) && n.out().shape[to] == n.in(0).shape[from];
  return n.is_open(n.out_id(), to) && !whole;
}
/// Begin, size or both are data: the result's shape is the file's.
inline status slice_by_data(tflite_node& n) {
  auto size = n.integers(2);
  const dims x = n.in(0).shape, y = n.out().shape;
  if (size.empty()) size.assign(as_size(x.rank), -1);
  if (y.rank != x.rank || size.size() != as_size(x.rank))
    return invalid("rank of the slice", to_string(y), std::to_string(x.rank));
  for (std::int32_t i = 0; i < x.rank; ++i) {
    std::int64_t& e = size[as_size(i)];
    if (e >= 0) continue;
    if (opens(n, i, i)) return open_result();
    e = y[i];
  }
  return slice_at(n, std::move(size), {}, 0, n.outs());
}
inline status slice(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  if (!n.is_constant(1) || !n.is_constant(2)) return slice_by_data(n);
  attributes a;
  if (auto s = list_attribute(n, 1, "begin", a); !s) return s;
  if (auto s = list_attribute(n, 2, "size", a); !s) return s;
  return n.emit(ops::slice, {n.in_id(0)}, n.outs(), std::move(a));
}
/// Bounds that are data: where the file fixes the result's shape, they only move it.
inline status strided_slice_at(tflite_node& n, const tflite_schema::strided_slice_options& o) {
  auto strides = n.integers(3);
  const dims x = n.in(0).shape, y = n.out().shape;
  if (o.ellipsis_mask != 0 || o.new_axis_mask != 0 || strides.empty() ||
      n.in(1).shape.elements().value != strides.size() || strides.size() > as_size(x.rank))
    return unsupported("positions that are computed at run time", {},
                       "for axes of the input, with constant strides");
  if (strides.size() != as_size(x.rank))
    return unsupported("a position for some axes only that is computed at run time");
  std::vector<std::int64_t> size;
  std::int32_t at = 0;
  for (std::int32_t i = 0; i < x.rank; ++i) {
    if (o.shrink_axis_mask >> i & 1) {
      size.push_back(1);
      continue;
    }
    if (at >= y.rank) return invalid("shape of the result", to_string(y));
    if (opens(n, i, at)) return open_result();
    size.push_back(y[at++]);
  }
  if (o.shrink_axis_mask == 0) return slice_at(n, size, strides, o.begin_mask, n.outs());
  const tensor_id part = like(n, "/part", n.in_id(0));
  if (auto s = slice_at(n, size, strides, o.begin_mask, {part}); !s) return s;
  attributes a;
  a.set("shape", std::vector<std::int64_t>(y.begin(), y.end()));
  return n.emit(ops::reshape, {part}, n.outs(), std::move(a));
}
/// An ellipsis stands for one axis at least: where the other positions leave it none, the last of
/// them are not looked at.
inline void keep_axis_of_ellipsis(std::int32_t rank, const tflite_schema::strided_slice_options& o,
                                  std::vector<std::int64_t>& positions) {
  std::size_t most = as_size(rank);
  for (std::size_t i = 0; i < positions.size() && i < 32; ++i)
    most += (o.new_axis_mask >> i & 1) != 0 && (o.ellipsis_mask >> i & 1) == 0 ? 1 : 0;
  if (positions.size() > most) positions.resize(most);
}
/// Slices that XNNPACK takes, where its own rule of an end at 0 holds.
inline bool plain_slice(const tflite_node& n, const tflite_schema::strided_slice_options& o) {
  const tensor& x = n.in(0);
  const auto strides = n.integers(3);
  bool steps_of_one = strides.size() == as_size(x.shape.rank);
  for (const std::int64_t s : strides) steps_of_one &= s == 1;
  return steps_of_one && laws::ends_at_zero_behind(n.g().arithmetic) && o.ellipsis_mask == 0 &&
         o.new_axis_mask == 0 && o.shrink_axis_mask == 0 &&
         (x.type == dtype::f32 || (quantized(x) && is_8bit(x.type)));
}
inline std::int32_t mask_of_zeros(const std::vector<std::int64_t>& positions) {
  std::int32_t mask = 0;
  for (std::size_t i = 0; i < positions.size() && i < 32; ++i)
    if (positions[i] == 0) mask |= static_cast<std::int32_t>(std::uint32_t{1} << i);
  return mask;
}
/// Ends that the file counts from the beginnings. Of axes that are cut TFLite lays out memory for
/// what the file says and fills less.
inline status ends_of_offsets(tflite_node& n, const tflite_schema::strided_slice_options& o,
                              std::vector<std::int64_t>& ends) {
  const auto begin = n.integers(1), strides = n.integers(3);
  const dims x = n.in(0).shape;
  bool plain = o.ellipsis_mask == 0 && o.new_axis_mask == 0 && o.begin_mask == 0 &&
               o.end_mask == 0 && begin.size() == ends.size() && strides.size() == ends.size() &&
               ends.size() <= as_size(x.rank);
  for (std::size_t i = 0; plain && i < ends.size(); ++i) {
    const std::int64_t extent = x[static_cast<int>(i)],
                       first = begin[i] < 0 ? begin[i] + extent : begin[i];
    plain = strides[i] > 0 && first >= 0 && ends[i] >= 0 && ends[i] <= extent - first;
    ends[i] += first;
  }
  if (!plain)
    return unsupported("STRIDED_SLICE with offset", {},
                       "sizes within the input, steps above 0, no masks but shrink_axis_mask");
  return unit{};
}
inline status strided_slice(tflite_node& n) {
  if (auto s = need_inputs(n, 4); !s) return s;
  const auto o = n.options<tflite_schema::strided_slice_options>();
  if (!n.is_constant(1) || !n.is_constant(2)) return strided_slice_at(n, o);
  if (!n.is_constant(3)) return unsupported("strides that are computed at run time");
  attributes a;
  const char* lists[] = {"begin", "end", "strides"};
  std::int32_t end_mask = o.end_mask;
  for (std::size_t i = 0; i < 3; ++i) {
    auto positions = n.integers(i + 1);
    if (o.ellipsis_mask != 0) keep_axis_of_ellipsis(n.in(0).shape.rank, o, positions);
    if (i == 1 && o.offset) {
      if (auto s = ends_of_offsets(n, o, positions); !s) return s;
    } else if (i == 1 && plain_slice(n, o)) {
      end_mask |= mask_of_zeros(positions);
    }
    a.set(lists[i], std::move(positions));
  }
  for (const auto& [mask, bits] : {std::pair{"begin_mask", o.begin_mask},
                                   {"end_mask", end_mask},
                                   {"ellipsis_mask", o.ellipsis_mask},
                                   {"new_axis_mask", o.new_axis_mask},
                                   {"shrink_axis_mask", o.shrink_axis_mask}})
    if (bits != 0) a.set(mask, std::int64_t{bits});
  return n.emit(ops::strided_slice, {n.in_id(0)}, n.outs(), std::move(a));
}
inline status split(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  attributes a;
  if (auto s = integer_attribute(n, 0, "axis", a); !s) return s;
  return n.emit(ops::split, {n.in_id(1)}, n.outs(), std::move(a));
}
inline status split_v(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  attributes a;
  if (auto s = integer_attribute(n, 2, "axis", a); !s) return s;
  if (auto s = list_attribute(n, 1, "sizes", a); !s) return s;
  return n.emit(ops::split, {n.in_id(0)}, n.outs(), std::move(a));
}
inline status pack(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  attributes a;
  a.set("axis", std::int64_t{n.options<tflite_schema::pack_options>().axis});
  return n.emit(ops::pack, std::move(a));
}
inline status unpack(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  attributes a;
  a.set("axis", std::int64_t{n.options<tflite_schema::pack_options>().axis});
  return n.emit(ops::unpack, std::move(a));
}
/// Input 1, of int16 as int32.
inline result<tensor_id> wide_positions(tflite_node& n) {
  if (n.in(1).type != dtype::s16) return n.in_id(1);
  const tensor_id wide = n.temporary("/positions", dtype::s32);
  if (auto s = n.emit(ops::cast, {n.in_id(1)}, {wide}); !s) return s.error();
  return wide;
}
inline status gather(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  attributes a;
  const auto o = n.options<tflite_schema::gather_options>();
  a.set("axis", std::int64_t{o.axis});
  if (o.batch_dims != 0) a.set("batch_dims", std::int64_t{o.batch_dims});
  const auto index = wide_positions(n);
  if (!index) return index.error();
  return n.emit(ops::gather, {n.in_id(0), *index}, n.outs(), std::move(a));
}
inline status gather_nd(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  const auto index = wide_positions(n);
  if (!index) return index.error();
  return n.emit(ops::gather_nd, {n.in_id(0), *index}, n.outs());
}
/// A table with a scale for each row: rows and their scales are looked up and multiplied.
inline status scaled_rows(tflite_node& n) {
  const tensor& table = n.in(1);
  if (table.axis != 0 || !n.is_constant(1))
    return unsupported("a look-up table with scales that are not one a row");
  for (const std::int32_t z : table.zero_points)
    if (z != 0) return unsupported("zero point of a look-up table", std::to_string(z), "0");
  std::vector<float> scales;
  for (const double s : table.scales) scales.push_back(static_cast<float>(s));
  dims column{static_cast<std::int32_t>(scales.size())};
  for (std::int32_t i = 1; i < table.shape.rank; ++i) column.push_back(1);
  graph& g = n.g();
  const tensor_id factors = g.add_constant(n.out().name + "/scales", dtype::f32, column,
                                           constant_data::of(std::span<const float>(scales)));
  const tensor_id codes =
                      g.add_constant(n.out().name + "/codes", table.type, table.shape, table.data),
                  rows = n.temporary("/rows", table.type),
                  values = n.temporary("/values", dtype::f32),
                  factor = n.temporary("/row_scales", dtype::f32);
  attributes a, b;
  a.set("axis", std::int64_t{0}), b.set("axis", std::int64_t{0});
  if (auto s = n.emit(ops::gather, {codes, n.in_id(0)}, {rows}, std::move(a)); !s) return s;
  if (auto s = n.emit(ops::gather, {factors, n.in_id(0)}, {factor}, std::move(b)); !s) return s;
  if (auto s = n.emit(ops::cast, {rows}, {values}); !s) return s;
  return n.emit(ops::mul, {values, factor}, n.outs());
}
/// Rows of a table; a quantized table with float output is dequantized after the look-up.
inline status embedding_lookup(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  attributes a;
  a.set("axis", std::int64_t{0});
  if (n.out().type == dtype::f32)
    if (const auto read = read_uint8_as_int8(n, 1); !read) return read.error();
  const dims table = n.in(1).shape;
  if (const int bits = n.of_file(n.in_id(1)).packed_bits;
      bits != 0 && table.rank > 0 &&
      table.elements().value / as_size(std::max(table[0], 1)) * as_size(bits) % 8 != 0)
    return unsupported("look-up table whose rows are no whole bytes", to_string(table),
                       "rows of a multiple of " + std::to_string(8 / bits) +
                           " elements: TFLite begins each at a byte");
  if (n.in(1).type == n.out().type)
    return n.emit(ops::gather, {n.in_id(1), n.in_id(0)}, n.outs(), std::move(a));
  if (n.in(1).scales.size() > 1) return scaled_rows(n);
  const tensor_id rows = like(n, "/rows", n.in_id(1));
  if (auto s = n.emit(ops::gather, {n.in_id(1), n.in_id(0)}, {rows}, std::move(a)); !s) return s;
  return n.emit(ops::dequantize, {rows}, n.outs());
}
inline status one_hot(tflite_node& n) {
  if (auto s = need_inputs(n, 4); !s) return s;
  attributes a;
  if (auto s = integer_attribute(n, 1, "depth", a); !s) return s;
  a.set("axis", std::int64_t{n.options<tflite_schema::one_hot_options>().axis});
  return n.emit(ops::one_hot, {n.in_id(0), n.in_id(2), n.in_id(3)}, n.outs(), std::move(a));
}
template <const op_def& Op> status arg_extreme(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  attributes a;
  if (auto s = integer_attribute(n, 1, "axis", a); !s) return s;
  tensor_id x = n.in_id(0);
  if (n.in(0).type == dtype::boolean) {
    x = n.temporary("/numbers", dtype::u8);
    if (auto s = n.emit(ops::cast, {n.in_id(0)}, {x}); !s) return s;
  }
  return n.emit(Op, {x}, n.outs(), std::move(a));
}
inline status topk(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  attributes a;
  if (auto s = integer_attribute(n, 1, "k", a); !s) return s;
  return n.emit(ops::topk, {n.in_id(0)}, n.outs(), std::move(a));
}
inline status cumsum(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  attributes a;
  if (auto s = integer_attribute(n, 1, "axis", a); !s) return s;
  const auto o = n.options<tflite_schema::cumsum_options>();
  if (o.exclusive) a.set("exclusive", std::int64_t{1});
  if (o.reverse) a.set("reverse", std::int64_t{1});
  return n.emit(ops::cumsum, {n.in_id(0)}, n.outs(), std::move(a));
}
template <const op_def& Op> status block_size(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  attributes a;
  a.set("block_size", std::int64_t{n.options<tflite_schema::block_size_options>().block_size});
  return n.emit(Op, std::move(a));
}

/// Paddings of the block axes come first, as a pad with the zero point; nothing is padded where
/// they are all 0.
inline status space_to_batch(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  attributes a;
  if (auto s = list_attribute(n, 1, "block_shape", a); !s) return s;
  if (!n.is_constant(2)) return unsupported("paddings that are computed at run time");
  const auto given = n.integers(2);
  const std::int32_t rank = n.in(0).shape.rank;
  if (rank < 1 || given.size() > 2 * as_size(rank - 1) || given.size() % 2 != 0)
    return invalid("paddings", std::to_string(given.size()), "two per block axis");
  bool any = false;
  std::vector<std::int64_t> paddings(2 * as_size(rank), 0);
  for (std::size_t i = 0; i < given.size(); ++i) {
    paddings[i + 2] = given[i];
    any |= given[i] != 0;
  }
  tensor_id x = n.in_id(0);
  if (any) {
    attributes p;
    p.set("paddings", std::move(paddings));
    const tensor_id padded = like(n, "/padded", x);
    if (auto s = n.emit(quantized(n.in(0)) ? ops::qnn_pad : ops::pad, {x}, {padded}, std::move(p));
        !s)
      return s;
    x = padded;
  }
  return n.emit(ops::space_to_batch, {x}, n.outs(), std::move(a));
}
inline status batch_to_space(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  attributes a;
  if (auto s = list_attribute(n, 1, "block_shape", a); !s) return s;
  if (!n.is_constant(2)) return unsupported("crops that are computed at run time");
  const auto crops = n.integers(2);
  bool any = false;
  for (std::int64_t c : crops) any |= c != 0;
  if (!any) return n.emit(ops::batch_to_space, {n.in_id(0)}, n.outs(), std::move(a));
  const tensor_id whole = like(n, "/whole", n.in_id(0));
  if (auto s = n.emit(ops::batch_to_space, {n.in_id(0)}, {whole}, std::move(a)); !s) return s;
  const dims y = n.g()[whole].shape;
  if (crops.size() % 2 != 0 || crops.size() / 2 >= as_size(y.rank))
    return invalid("crops", std::to_string(crops.size()), "two per block axis");
  std::vector<std::int64_t> begin(as_size(y.rank), 0), size(y.begin(), y.end());
  for (std::size_t i = 0; i < crops.size(); i += 2) {
    const std::int64_t extent = y[static_cast<int>(i / 2) + 1];
    if (crops[i] < 0 || crops[i + 1] < 0 || crops[i] > extent || crops[i + 1] > extent - crops[i])
      return invalid("crops", std::to_string(crops[i]) + ", " + std::to_string(crops[i + 1]),
                     "0 to the extent");
    begin[i / 2 + 1] = crops[i];
    size[i / 2 + 1] -= crops[i] + crops[i + 1];
  }
  attributes s;
  s.set("begin", std::move(begin));
  s.set("size", std::move(size));
  return n.emit(ops::slice, {whole}, n.outs(), std::move(s));
}

/// Shapes are known when the file is loaded: the result is a constant.
inline status constant_integers(tflite_node& n, const std::vector<std::int64_t>& values,
                                dims shape) {
  const dtype type = n.out().type;
  if (type == dtype::s64)
    return n.give_constant(shape, constant_data::of(std::span<const std::int64_t>(values)));
  if (type != dtype::s32)
    return unsupported("element type of the result", std::string(name_of(type)), "int32, int64");
  std::vector<std::int32_t> v;
  for (std::int64_t e : values) v.push_back(static_cast<std::int32_t>(e));
  return n.give_constant(shape, constant_data::of(std::span<const std::int32_t>(v)));
}
inline status shape_of(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const dims x = n.in(0).shape;
  return constant_integers(n, std::vector<std::int64_t>(x.begin(), x.end()), dims{x.rank});
}
inline status rank_of(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  return constant_integers(n, {n.in(0).shape.rank}, dims{});
}
/// How many elements a range of floats has, as TFLite counts: ceil(|(limit - first) / step|).
inline result<std::int64_t> float_range_count(float first, float limit, float step) {
  if (step == 0 || !(step > 0 ? first <= limit : first >= limit))
    return invalid("step of a range", std::to_string(step), "one that leads to the limit");
  const float length = numerics::div(numerics::sub(limit, first), step);
  const double count = -numerics::floor(-static_cast<double>(length < 0 ? -length : length));
  if (!(count <= static_cast<double>(max_elements)))
    return too_large("range", std::to_string(count) + " elements", "at most 2^31 - 1");
  return static_cast<std::int64_t>(count);
}
inline float constant_float(const tflite_node& n, std::size_t i) {
  float v;
  std::memcpy(&v, n.in(i).data.bytes.data(), sizeof v);
  return v;
}
/// Each element is the one before plus the step.
inline status float_range(tflite_node& n) {
  float v = constant_float(n, 0);
  const float step = constant_float(n, 2);
  const auto count = float_range_count(v, constant_float(n, 1), step);
  if (!count) return count.error();
  if (auto s = n.make_constant(saturating_mul(as_size(*count), sizeof v)); !s) return s;
  std::vector<float> values(as_size(*count));
  for (float& e : values) e = v, v = numerics::add(v, step);
  return n.give_constant(dims{static_cast<std::int32_t>(*count)},
                         constant_data::of(std::span<const float>(values)));
}
/// First element or step are data: where the file fixes the number of elements, they are the sums
/// of the first element and as many steps as stand before.
inline status range_at_run_time(tflite_node& n) {
  const dims y = n.out().shape;
  if (y.rank != 1 || n.is_open(n.out_id(), 0)) return open_result();
  const auto reshaped = [&n](tensor_id from, const char* suffix, std::int64_t extent) {
    attributes a;
    a.set("shape", std::vector<std::int64_t>{extent});
    const tensor_id to = n.temporary(suffix, n.out().type);
    return std::pair{to, n.emit(ops::reshape, {from}, {to}, std::move(a))};
  };
  const auto [first, as_list] = reshaped(n.in_id(0), "/first", 1);
  if (!as_list) return as_list;
  if (y[0] == 1) return n.emit(ops::identity, {first}, n.outs());
  const auto [step, as_step] = reshaped(n.in_id(2), "/step", 1);
  if (!as_step) return as_step;
  const tensor_id steps = n.temporary("/steps", n.out().type),
                  all = n.temporary("/first_and_steps", n.out().type);
  attributes b, c, d;
  b.set("shape", std::vector<std::int64_t>{std::max(y[0] - 1, 0)});
  if (auto s = n.emit(ops::broadcast_to, {step}, {steps}, std::move(b)); !s) return s;
  c.set("axis", std::int64_t{0});
  if (auto s = n.emit(ops::concat, {first, steps}, {all}, std::move(c)); !s) return s;
  d.set("axis", std::int64_t{0});
  return n.emit(ops::cumsum, {all}, n.outs(), std::move(d));
}
/// Elements first + i * step, i below `count`; they wrap.
inline status integer_range(tflite_node& n, std::int64_t first, std::int64_t limit,
                            std::int64_t step) {
  // Unsigned: the two may be 2^64 apart, and the step may be -2^63.
  const bool up = step > 0;
  const auto from = static_cast<std::uint64_t>(first), to = static_cast<std::uint64_t>(limit),
             by = static_cast<std::uint64_t>(step);
  const bool empty = up ? first >= limit : first <= limit;
  const std::uint64_t count =
      empty ? 0 : 1 + ((up ? to - from : from - to) - 1) / (up ? by : 0 - by);
  if (count > max_elements)
    return too_large("range", std::to_string(count) + " elements", "at most 2^31 - 1");
  if (auto s = n.make_constant(as_size(count) * sizeof by); !s) return s;
  std::vector<std::int64_t> v(as_size(count));
  for (std::uint64_t i = 0; i < count; ++i)
    v[as_size(i)] = static_cast<std::int64_t>(from + i * by);
  return constant_integers(n, v, dims{static_cast<std::int32_t>(count)});
}
inline status range(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  bool known = true;
  for (std::size_t i = 0; i < 3; ++i) {
    if (n.in(i).shape.elements().value != 1 || n.in(i).type != n.out().type)
      return invalid("input " + std::to_string(i) + " of a range",
                     std::string(name_of(n.in(i).type)) + to_string(n.in(i).shape),
                     "one " + std::string(name_of(n.out().type)));
    known &= n.is_constant(i);
  }
  if (!known) return range_at_run_time(n);
  if (n.out().type == dtype::f32) return float_range(n);
  const auto first = n.integers(0), limit = n.integers(1), step = n.integers(2);
  if (first.size() != 1 || limit.size() != 1 || step.size() != 1)
    return unsupported("element type of a range", std::string(name_of(n.out().type)),
                       "float32, int32, int64");
  if (step[0] == 0) return invalid("step of a range", "0");
  return integer_range(n, first[0], limit[0], step[0]);
}

inline constexpr tflite_row movement_rows[] = {
    {"DEPTH_TO_SPACE", &block_size<ops::depth_to_space>},
    {"EMBEDDING_LOOKUP", &embedding_lookup},
    {"SPACE_TO_DEPTH", &block_size<ops::space_to_depth>},
    {"GATHER", &gather},
    {"BATCH_TO_SPACE_ND", &batch_to_space},
    {"SPACE_TO_BATCH_ND", &space_to_batch},
    {"TRANSPOSE", &transpose},
    {"STRIDED_SLICE", &strided_slice},
    {"TOPK_V2", &topk},
    {"SPLIT", &split},
    {"ARG_MAX", &arg_extreme<ops::arg_max>},
    {"SLICE", &slice},
    {"TILE", &tile},
    {"SHAPE", &shape_of},
    {"ARG_MIN", &arg_extreme<ops::arg_min>},
    {"PACK", &pack},
    {"ONE_HOT", &one_hot},
    {"UNPACK", &unpack},
    {"FILL", &fill},
    {"RANGE", &range},
    {"SPLIT_V", &split_v},
    {"REVERSE_V2", &reverse_v2},
    {"GATHER_ND", &gather_nd},
    {"RANK", &rank_of},
    {"CUMSUM", &cumsum},
    {"BROADCAST_TO", &broadcast_to},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_MOVEMENT_HPP_

OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

inline status dynamic_update_slice(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  return n.emit(ops::dynamic_update_slice);
}
inline status scatter_nd(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  attributes a;
  if (auto s = list_attribute(n, 2, "shape", a); !s) return s;
  return n.emit(ops::scatter_nd, {n.in_id(0), n.in_id(1)}, n.outs(), std::move(a));
}
/// Inputs: indices (one, a list, or rows), shape, values, default.
inline status sparse_to_dense(tflite_node& n) {
  if (auto s = need_inputs(n, 4); !s) return s;
  attributes a;
  if (auto s = list_attribute(n, 1, "shape", a); !s) return s;
  tensor_id index = n.in_id(0);
  const dims shape = n.in(0).shape;
  if (shape.rank == 1) {  // positions along the only axis
    attributes r;
    r.set("shape", std::vector<std::int64_t>{shape[0], 1});
    index = n.temporary("/positions", n.in(0).type);
    if (auto s = n.emit(ops::reshape, {n.in_id(0)}, {index}, std::move(r)); !s) return s;
  }
  return n.emit(ops::sparse_to_dense, {index, n.in_id(2), n.in_id(3)}, n.outs(), std::move(a));
}
inline status reverse_sequence(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  const auto o = n.options<tflite_schema::reverse_sequence_options>();
  attributes a;
  a.set("axis", std::int64_t{o.axis});
  a.set("batch_axis", std::int64_t{o.batch_axis});
  return n.emit(ops::reverse_sequence, {n.in_id(0), n.in_id(1)}, n.outs(), std::move(a));
}

inline status zeros_like(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const auto none = zeros(n, "/zeros", n.in(0).type, n.in(0).shape);
  if (!none) return none.error();
  return n.emit(ops::identity, {*none}, n.outs());
}
/// Of other elements the framework leaves the result's memory as it was.
inline status has_diagonal(const tflite_node& n) {
  const dtype t = n.in(0).type;
  if (t == dtype::f32 || t == dtype::s8 || t == dtype::u8 || t == dtype::s16 || t == dtype::s32 ||
      t == dtype::s64)
    return unit{};
  return unsupported("element type of a diagonal", std::string(name_of(t)),
                     "float32, int8, uint8, int16, int32, int64");
}
inline status matrix_set_diag(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  if (auto s = has_diagonal(n); !s) return s;
  return n.emit(ops::matrix_set_diag);
}
inline status matrix_diag(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (auto s = has_diagonal(n); !s) return s;
  dims x = n.in(0).shape;
  if (x.rank < 1 || x.rank >= dims::max_rank) return invalid("rank of input", to_string(x));
  const std::int32_t extent = x.back(0);
  x.push_back(extent);
  if (auto s = verify_shape(x, "matrices"); !s) return s;
  const auto none = zeros(n, "/zeros", n.in(0).type, x);
  if (!none) return none.error();
  return n.emit(ops::matrix_set_diag, {*none, n.in_id(0)}, n.outs());
}
/// The sum of all inputs, in their order.
inline status add_n(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (quantized(n.in(0))) return unsupported("quantized operands of ADD_N");
  if (n.inputs() == 1) return n.emit(ops::identity);
  tensor_id sum = n.in_id(0);
  for (std::size_t i = 1; i < n.inputs(); ++i) {
    if (!n.has(i)) return invalid("input " + std::to_string(i) + " is absent");
    const tensor_id next = i + 1 == n.inputs() ? n.out_id() : n.temporary("/sum", n.in(0).type);
    if (auto s = n.emit(ops::add, {sum, n.in_id(i)}, {next}); !s) return s;
    sum = next;
  }
  return unit{};
}

template <segment_reduction How> status unsorted_segments(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  attributes a;
  if (auto s = integer_attribute(n, 2, "segments", a); !s) return s;
  if (How != segment_reduction::sum) a.set("reduction", static_cast<std::int64_t>(How));
  return n.emit(ops::segment_reduce, {n.in_id(0), n.in_id(1)}, n.outs(), std::move(a));
}
/// As many segments as the last id says.
inline status segment_sum(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  if (!n.is_constant(1)) return unsupported("segment ids that are computed at run time");
  const auto ids = n.integers(1);
  const std::int64_t last = ids.empty() ? -1 : ids.back();
  if (last >= INT32_MAX) return too_large("segments", std::to_string(last));
  attributes a;
  a.set("segments", last + 1);
  return n.emit(ops::segment_reduce, {n.in_id(0), n.in_id(1)}, n.outs(), std::move(a));
}
inline status bucketize(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const auto o = n.options<tflite_schema::bucketize_options>();
  const tensor_id boundaries =
      n.g().add_constant(n.out().name + "/boundaries", dtype::f32,
                         dims{static_cast<std::int32_t>(o.boundaries.size())},
                         constant_data::of(std::span<const float>(o.boundaries)));
  return n.emit(ops::bucketize, {n.in_id(0), boundaries}, n.outs());
}

/// Positions of what is not zero: how many there are must be known when the file is loaded.
inline status where(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (!n.is_constant(0))
    return unsupported("positions whose number depends on the input", {}, "a constant condition");
  const tensor& x = n.in(0);
  const std::size_t size = size_of(x.type), count = x.shape.elements().value;
  const auto steps = strides_of(x.shape);
  const auto axes = as_size(x.shape.rank);
  if (auto s = n.make_constant(saturating_mul(count * (axes + 1), sizeof(std::int64_t))); !s)
    return s;
  std::vector<std::int64_t> positions;
  for (std::size_t i = 0; i < count; ++i) {
    bool zero = true;
    if (x.type == dtype::f32) {
      float v;
      std::memcpy(&v, x.data.bytes.data() + i * size, sizeof v);
      zero = v == 0;
    } else {
      for (std::size_t b = 0; b < size; ++b) zero &= x.data.bytes[i * size + b] == std::byte{0};
    }
    for (std::int32_t k = 0; !zero && k < x.shape.rank; ++k)
      positions.push_back(static_cast<std::int64_t>(i) / steps[k] % x.shape[k]);
  }
  const std::int32_t rank = x.shape.rank;
  return constant_integers(
      n, positions, dims{rank == 0 ? 0 : static_cast<std::int32_t>(positions.size()) / rank, rank});
}
/// The shape to which two shapes broadcast.
inline status broadcast_args(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  if (!n.is_constant(0) || !n.is_constant(1))
    return unsupported("shapes that are computed at run time");
  dims shapes[2];
  for (std::size_t i = 0; i < 2; ++i)
    for (const std::int64_t e : n.integers(i)) {
      if (shapes[i].rank >= dims::max_rank || e < 0 || e > INT32_MAX)
        return invalid("shape", std::to_string(e));
      shapes[i].push_back(static_cast<std::int32_t>(e));
    }
  const shape_or y = binary_shape(shapes[0], shapes[1]);
  if (y.broken) return y.broken;
  return constant_integers(n, std::vector<std::int64_t>(y.shape.begin(), y.shape.end()),
                           dims{y.shape.rank});
}

inline status local_response_normalization(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const auto o = n.options<tflite_schema::local_response_options>();
  local_response_attrs a;
  a.radius = o.radius;
  a.bias = static_cast<double>(o.bias), a.alpha = static_cast<double>(o.alpha),
  a.beta = static_cast<double>(o.beta);
  return n.emit(ops::local_response_normalization, to_attributes(a));
}
/// The file has weights [KD, KH, KW, I, O].
inline status conv_3d(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  const dims x = n.in(0).shape, w = n.in(1).shape;
  if (x.rank != 5 || w.rank != 5)
    return invalid("rank of input or weights", to_string(x) + " and " + to_string(w),
                   "[N,D,H,W,C] and [KD,KH,KW,I,O]");
  if (n.in(0).type != dtype::f32 || n.in(1).type != dtype::f32)
    return unsupported("element types of CONV_3D", std::string(name_of(n.in(0).type)), "float32");
  const auto o = n.options<tflite_schema::conv_3d_options>();
  conv3d_attrs a;
  a.strides = {o.stride_d, o.stride_h, o.stride_w};
  a.dilations = {o.dilation_d, o.dilation_h, o.dilation_w};
  for (int i = 0; i < 3; ++i) {
    if (a.strides[i] < 1 || a.dilations[i] < 1)
      return invalid("stride or dilation", to_string(a.strides), "1 or more");
    if (o.padding != tflite_schema::padding_scheme::same) continue;
    const auto p = laws::same_padding(x[i + 1], w[i], a.strides[i], a.dilations[i]);
    a.before[i] = p.before, a.after[i] = p.after;
  }
  attributes t;
  t.set("perm", std::vector<std::int64_t>{4, 0, 1, 2, 3});
  const tensor_id weights = n.temporary("/weights", dtype::f32);
  if (auto s = n.emit(ops::transpose, {n.in_id(1)}, {weights}, std::move(t)); !s) return s;
  std::vector<tensor_id> in{n.in_id(0), weights};
  if (n.has(2)) in.push_back(n.in_id(2));
  return n.emit(ops::float_conv3d, std::move(in), n.outs(), to_attributes(a), o.activation);
}

/// Inputs: boxes, scores, how many at most, thresholds of overlap and score, and in V5 sigma.
/// Outputs: indices, in V5 their scores, how many there are.
template <bool Scores> status non_max_suppression(tflite_node& n) {
  if (auto s = need_inputs(n, Scores ? 6 : 5); !s) return s;
  if (n.outputs() != (Scores ? 3u : 2u)) return invalid("outputs", std::to_string(n.outputs()));
  attributes a;
  if (auto s = integer_attribute(n, 2, "most", a); !s) return s;
  constexpr const char* keys[] = {"overlap", "score", "sigma"};
  for (std::size_t i = 3; i < (Scores ? 6u : 5u); ++i) {
    if (!n.is_constant(i) || n.in(i).type != dtype::f32 || n.in(i).shape.elements().value != 1)
      return unsupported("a threshold that is computed at run time");
    float v;
    std::memcpy(&v, n.in(i).data.bytes.data(), sizeof v);
    a.set(keys[i - 3], static_cast<double>(v));
  }
  const tensor_id scores = Scores ? n.out_id(1) : n.temporary("/scores", dtype::f32);
  return n.emit(ops::non_max_suppression, {n.in_id(0), n.in_id(1)},
                {n.out_id(0), scores, n.out_id(Scores ? 2 : 1)}, std::move(a));
}

/// A sparse constant, which the reader has made dense.
inline status densify(tflite_node& n) {
  if (!n.is_constant(0)) return unsupported("a sparse tensor that is computed at run time");
  return n.emit(ops::identity);
}

inline constexpr tflite_row data_rows[] = {
    {"DENSIFY", &densify},
    {"NON_MAX_SUPPRESSION_V4", &non_max_suppression<false>},
    {"NON_MAX_SUPPRESSION_V5", &non_max_suppression<true>},
    {"LOCAL_RESPONSE_NORMALIZATION", &local_response_normalization},
    {"SPARSE_TO_DENSE", &sparse_to_dense},
    {"ZEROS_LIKE", &zeros_like},
    {"ADD_N", &add_n},
    {"WHERE", &where},
    {"REVERSE_SEQUENCE", &reverse_sequence},
    {"MATRIX_DIAG", &matrix_diag},
    {"MATRIX_SET_DIAG", &matrix_set_diag},
    {"SCATTER_ND", &scatter_nd},
    {"SEGMENT_SUM", &segment_sum},
    {"CONV_3D", &conv_3d},
    {"BROADCAST_ARGS", &broadcast_args},
    {"BUCKETIZE", &bucketize},
    {"DYNAMIC_UPDATE_SLICE", &dynamic_update_slice},
    {"UNSORTED_SEGMENT_PROD", &unsorted_segments<segment_reduction::product>},
    {"UNSORTED_SEGMENT_MAX", &unsorted_segments<segment_reduction::most>},
    {"UNSORTED_SEGMENT_SUM", &unsorted_segments<segment_reduction::sum>},
    {"UNSORTED_SEGMENT_MIN", &unsorted_segments<segment_reduction::least>},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_DATA_HPP_
// ---- octet/import/tflite/rows_pool.hpp
// TFLite's windows and reductions: AVERAGE_POOL_2D, MAX_POOL_2D, MEAN, SUM, REDUCE_*.
#ifndef OCTET_IMPORT_TFLITE_ROWS_POOL_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_POOL_HPP_


OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

inline status pool_2d(tflite_node& n, const op_def& quantized_form, const op_def& float_form) {
  if (auto s = need_inputs(n, 1); !s) return s;
  const dims x = n.in(0).shape;
  if (x.rank != 4) return invalid("rank of input", to_string(x), "[N,H,W,C]");
  const auto o = n.options<tflite_schema::pool_2d_options>();
  if (auto s = check_padding(o.padding); !s) return s;
  pool2d_attrs p;
  p.stride_h = o.stride_h, p.stride_w = o.stride_w;
  p.window_h = o.filter_height, p.window_w = o.filter_width;
  if (o.padding == tflite_schema::padding_scheme::same) {
    const auto h = laws::same_padding(x[1], p.window_h, p.stride_h, 1),
               w = laws::same_padding(x[2], p.window_w, p.stride_w, 1);
    p.pad_top = h.before, p.pad_bottom = h.after, p.pad_left = w.before, p.pad_right = w.after;
  }
  attributes a = to_attributes(p);
  for (const char* unused : {"dilation_h", "dilation_w", "ceil_mode", "count_include_pad",
                             "divisor", "adaptive_h", "adaptive_w"})
    a.erase(unused);
  return n.emit(quantized(n.in(0)) ? quantized_form : float_form, std::move(a), o.activation);
}
inline status average_pool_2d(tflite_node& n) {
  return pool_2d(n, ops::qnn_avg_pool2d, ops::avg_pool2d);
}
inline status max_pool_2d(tflite_node& n) {
  return pool_2d(n, ops::qnn_max_pool2d, ops::max_pool2d);
}
inline status l2_pool_2d(tflite_node& n) { return pool_2d(n, ops::l2_pool2d, ops::l2_pool2d); }

/// Axes and keep_dims; axes must be known when the file is loaded.
inline result<attributes> reduction_attributes(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s.error();
  if (!n.is_constant(1)) return unsupported("axes that are computed at run time");
  attributes a;
  a.set("axes", n.integers(1));
  if (n.options<tflite_schema::reducer_options>().keep_dims) a.set("keep_dims", std::int64_t{1});
  return a;
}
/// The element of type T that no elements give. None: TFLite leaves the memory as it was.
template <class T> std::optional<T> of_no_elements(const tflite_node& n, const op_def& op) {
  using numbers = std::numeric_limits<T>;
  const bool infinite =
      numbers::has_infinity && laws::extremes_of_nothing_are_infinite(n.g().arithmetic);
  if (&op == &ops::reduce_max) return infinite ? -numbers::infinity() : numbers::lowest();
  if (&op == &ops::reduce_min) return infinite ? numbers::infinity() : numbers::max();
  if (&op == &ops::mean) return numbers::quiet_NaN();  // of integers 0
  if (&op == &ops::reduce_prod || &op == &ops::reduce_all) return T{1};
  if (&op == &ops::sum || &op == &ops::reduce_any || &op == &ops::qnn_mean) return T{0};
  if (&op == &ops::qnn_sum && is_8bit(n.in(0).type) && laws::has_xnnpack(n.g().arithmetic))
    return static_cast<T>(tflite_node::zero(n.out()));
  return std::nullopt;
}
/// Into `to`, of that shape.
inline status reduce_nothing(tflite_node& n, const op_def& op, tensor_id to, const dims& shape) {
  const tensor x = n.in(0), y = n.g()[to];
  std::vector<std::byte> bytes(size_of(x.type));
  bool known = false;
  const auto put = [&]<class T>(type_tag<T>) {
    const auto e = of_no_elements<T>(n, op);
    if (e) std::memcpy(bytes.data(), &*e, sizeof *e);
    known = e.has_value();
  };
  if (x.type == dtype::boolean)
    put(type_tag<std::uint8_t>{});
  else
    with_number(x.type, put);
  if (!known)
    return unsupported("a reduction over an axis of extent 0", to_string(x.shape),
                       "of plain numbers; MEAN, REDUCE_MAX and REDUCE_MIN of quantized ones");
  const tensor_id one = n.g().add_constant(n.out().name + "/of_nothing", x.type, dims{},
                                           constant_data::copy(std::move(bytes)));
  n.g()[one].scales = y.scales, n.g()[one].zero_points = y.zero_points;
  attributes a;
  a.set("shape", std::vector<std::int64_t>(shape.begin(), shape.end()));
  return n.emit(ops::broadcast_to, {one}, {to}, std::move(a));
}
/// Into `to`. Over no axis, or of a scalar: over one of extent 1 that is put behind the others.
template <const op_def& Op> status reduce_to(tflite_node& n, tensor_id to) {
  auto a = reduction_attributes(n);
  if (!a) return a.error();
  const tensor& x = n.in(0);
  if (!n.integers(1).empty() && x.shape.rank != 0) {
    const auto r = shape_reduced(read_attributes<reduce_attrs>(*a), x.shape);
    if (r.of_nothing) return reduce_nothing(n, Op, to, r.result.shape);
    return n.emit(Op, {n.in_id(0)}, {to}, std::move(*a));
  }
  if (x.shape.rank >= dims::max_rank) return invalid("rank of input", to_string(x.shape));
  attributes behind, last;
  behind.set("axis", std::int64_t{-1});
  const tensor_id column = n.temporary("/column", x.type, x.scales, x.zero_points);
  if (auto s = n.emit(ops::expand_dims, {n.in_id(0)}, {column}, std::move(behind)); !s) return s;
  last.set("axes", std::vector<std::int64_t>{-1});
  if (&Op == &ops::qnn_mean || &Op == &ops::qnn_sum)  // XNNPACK leaves it
    return n.emit_decided(laws::reduction_over_no_axis(n.g().arithmetic, &Op == &ops::qnn_mean), Op,
                          {column}, {to}, tflite_activation::none, std::move(last));
  return n.emit(Op, {column}, {to}, std::move(last));
}
template <const op_def& Op> status reduce(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  return reduce_to<Op>(n, n.out_id());
}
inline bool of_bools(const tflite_node& n) { return n.has(0) && n.in(0).type == dtype::boolean; }
/// Bools are 0 and 1, and so are their sums.
template <const op_def& Numbers, const op_def& Bools> status reduce_also_bools(tflite_node& n) {
  return of_bools(n) ? reduce<Bools>(n) : reduce<Numbers>(n);
}
template <const op_def& Quantized, const op_def& Float> status arithmetic_reduce(tflite_node& n) {
  return n.has(0) && quantized(n.in(0)) ? reduce<Quantized>(n) : reduce<Float>(n);
}
inline status sum_over(tflite_node& n) {
  return of_bools(n) ? reduce<ops::reduce_any>(n) : arithmetic_reduce<ops::qnn_sum, ops::sum>(n);
}

/// Whether every axis that is reduced has one element.
inline bool reduces_single_elements(const tflite_node& n) {
  const dims x = n.in(0).shape;
  for (const std::int64_t axis : n.integers(1)) {
    const std::int64_t i = tflite_node::wrap(axis, x.rank);
    if (i < 0 || i >= x.rank || x[static_cast<int>(i)] != 1) return false;
  }
  return true;
}
inline status reduce_prod(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  if (of_bools(n)) return reduce<ops::reduce_all>(n);
  if (!quantized(n.in(0)) || !laws::copies_one_factor(n.g().arithmetic) ||
      !reduces_single_elements(n))
    return arithmetic_reduce<ops::qnn_reduce_prod, ops::reduce_prod>(n);
  const tensor& x = n.in(0);
  const tensor_id copy = n.temporary("/factor", x.type, x.scales, x.zero_points);
  if (auto s = reduce_to<ops::reduce_max>(n, copy); !s) return s;
  return n.emit(ops::identity, {copy}, n.outs());
}

inline constexpr tflite_row pool_rows[] = {
    {"AVERAGE_POOL_2D", &average_pool_2d},
    {"L2_POOL_2D", &l2_pool_2d},
    {"MAX_POOL_2D", &max_pool_2d},
    {"MEAN", &arithmetic_reduce<ops::qnn_mean, ops::mean>},
    {"SUM", &sum_over},
    {"REDUCE_PROD", &reduce_prod},
    {"REDUCE_MAX", &reduce_also_bools<ops::reduce_max, ops::reduce_any>},
    {"REDUCE_MIN", &reduce_also_bools<ops::reduce_min, ops::reduce_all>},
    {"REDUCE_ANY", &reduce<ops::reduce_any>},
    {"REDUCE_ALL", &reduce<ops::reduce_all>},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_POOL_HPP_
// ---- octet/import/tflite/rows_recurrent.hpp
// TFLite's layers with state: LSTM, RNN and SVDF in their forms for one step, sequences and both
// directions, full-integer, float32 and with int8 weights on float32 values.
#ifndef OCTET_IMPORT_TFLITE_ROWS_RECURRENT_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_RECURRENT_HPP_


OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

inline status read_uint8_weights_as_int8(tflite_node& n) {
  for (std::size_t i = 1; i < n.inputs(); ++i)
    if (n.has(i))
      if (const auto read = read_uint8_weights_as_int8(n, i); !read) return read.error();
  return unit{};
}
inline status state_of(const tflite_node& n, std::size_t i) {
  if (!n.has(i) || n.in(i).role != tensor::kind::state)
    return invalid("input " + std::to_string(i) + " is not a variable tensor");
  return unit{};
}

// ---- LSTM ----

/// One layer of one direction: operands as UNIDIRECTIONAL_SEQUENCE_LSTM has them (0 x, 1..4 input
/// weights and 5..8 recurrent weights of input, forget, cell and output gate, 9..11 peepholes,
/// 12..15 biases, 16, 17 projection, 18 hidden and 19 cell state, 20..23 layer normalization).
struct lstm_layer {
  std::vector<tensor_id> in;
  tensor_id out = no_tensor;
  double cell_clip = 0, state_clip = 0;
  bool time_major = false, asymmetric = false;
  bool has(std::size_t i) const { return i < in.size() && in[i] != no_tensor; }
};
inline status check_lstm(const tflite_node& n, const lstm_layer& l, tflite_activation activation) {
  for (std::size_t i : {0u, 2u, 3u, 4u, 6u, 7u, 8u, 13u, 14u, 15u})
    if (!l.has(i)) return invalid("input " + std::to_string(i) + " is absent");
  for (std::size_t i : {18u, 19u})
    if (!l.has(i) || n.g()[l.in[i]].role != tensor::kind::state)
      return invalid("input " + std::to_string(i) + " is not a variable tensor");
  if (activation != tflite_activation::tanh)
    return unsupported("fused activation of an LSTM", std::to_string(static_cast<int>(activation)),
                       "TANH");
  return unit{};
}
/// int8 values with an int16 cell: the operands in octet's order.
inline status integer_lstm(tflite_node& n, const lstm_layer& l) {
  lstm_attrs a;
  a.time_major = l.time_major;
  a.cell_clip = l.cell_clip, a.projection_clip = l.state_clip;
  const auto intermediate = [&](std::size_t i) -> const tensor* {
    return i < n.intermediates.size() && n.intermediates[i] != no_tensor
               ? &n.g()[n.intermediates[i]]
               : nullptr;
  };
  if (const tensor* hidden = intermediate(4); hidden && !hidden->scales.empty())
    a.hidden_scale = tflite_node::scale(*hidden), a.hidden_zero_point = tflite_node::zero(*hidden);
  if (l.has(21)) {
    double* scales[] = {&a.input_scale, &a.forget_scale, &a.cell_scale, &a.output_scale};
    for (std::size_t i = 0; i < 4; ++i)
      if (const tensor* z = intermediate(i); z && !z->scales.empty())
        *scales[i] = tflite_node::scale(*z);
  }
  std::vector<tensor_id> in{l.in[0]};
  constexpr std::size_t order[] = {2, 3,  4,  6,  7,  8,  13, 14, 15, 18, 19, 1,
                                   5, 12, 16, 17, 10, 11, 9,  21, 22, 23, 20};
  for (const std::size_t i : order) in.push_back(l.has(i) ? l.in[i] : no_tensor);
  while (in.back() == no_tensor) in.pop_back();
  attributes attrs = to_attributes(a);
  for (const char* key :
       {"projection_clip", "forget_scale", "cell_scale", "output_scale", "input_scale"})
    if (attrs.real(key) == 0) attrs.erase(key);
  return n.emit(ops::qnn_lstm, std::move(in), {l.out, l.in[18], l.in[19]}, std::move(attrs));
}
inline status lstm_direction(tflite_node& n, const lstm_layer& l) {
  const tensor &x = n.g()[l.in[0]], &w = n.g()[l.in[2]];
  if (x.type == dtype::s8 && w.type == dtype::s8) return integer_lstm(n, l);
  if (x.type != dtype::f32 || (w.type != dtype::f32 && w.type != dtype::s8))
    return unsupported("LSTM element types",
                       std::string(name_of(x.type)) + " x " + std::string(name_of(w.type)),
                       "int8 x int8, float32 x float32, float32 x int8");
  float_lstm_attrs a;
  a.time_major = l.time_major, a.asymmetric = l.asymmetric && w.type == dtype::s8;
  a.cell_clip = l.cell_clip, a.state_clip = l.state_clip;
  std::vector<tensor_id> in = l.in;
  in.resize(24, no_tensor);
  while (in.back() == no_tensor) in.pop_back();
  return n.emit(ops::float_lstm, std::move(in), {l.out, l.in[18], l.in[19]}, to_attributes(a));
}
inline status sequence_lstm(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (auto s = read_uint8_weights_as_int8(n); !s) return s;
  const auto o = n.options<tflite_schema::sequence_lstm_options>();
  lstm_layer l{n.ins(), n.out_id()};
  l.cell_clip = static_cast<double>(o.cell_clip), l.state_clip = static_cast<double>(o.state_clip);
  l.time_major = o.time_major, l.asymmetric = o.asymmetric;
  if (auto s = check_lstm(n, l, o.activation); !s) return s;
  return lstm_direction(n, l);
}

/// x as a sequence of one step, and the result without it.
inline status as_sequence(tflite_node& n, tensor_id& x, tensor_id& y) {
  const dims from = n.g()[x].shape;
  if (from.rank != 2) return invalid("rank of input", to_string(from), "[B,C]");
  attributes a;
  a.set("axis", std::int64_t{0});
  const tensor_id sequence = like(n, "/sequence", x);
  if (auto s = n.emit(ops::expand_dims, {x}, {sequence}, std::move(a)); !s) return s;
  x = sequence;
  y = like(n, "/steps", n.out_id(n.outputs() - 1));
  return unit{};
}
inline status from_sequence(tflite_node& n, tensor_id y) {
  attributes a;
  a.set("axes", std::vector<std::int64_t>{0});
  return n.emit(ops::squeeze, {y}, {n.out_id(n.outputs() - 1)}, std::move(a));
}
/// LSTM: one step of a batch.
inline status one_step_lstm(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (auto s = read_uint8_weights_as_int8(n); !s) return s;
  const auto o = n.options<tflite_schema::lstm_options>();
  if (o.kernel != 0 || n.inputs() < 20)
    return unsupported("LSTM of kernel type BASIC", {}, "UNIDIRECTIONAL_SEQUENCE_LSTM");
  lstm_layer l{n.ins(), n.out_id()};
  l.cell_clip = static_cast<double>(o.cell_clip), l.state_clip = static_cast<double>(o.state_clip);
  l.time_major = true, l.asymmetric = o.asymmetric;
  if (auto s = check_lstm(n, l, o.activation); !s) return s;
  if (auto s = as_sequence(n, l.in[0], l.out); !s) return s;
  if (auto s = lstm_direction(n, l); !s) return s;
  return from_sequence(n, l.out);
}

/// The other direction: the sequence backwards, and its result put the right way round.
template <class Layer>
status backwards(tflite_node& n, bool time_major, tensor_id x, tensor_id y, Layer&& layer) {
  const auto turned = [&](tensor_id from, tensor_id to) {
    attributes a;
    a.set("axes", std::vector<std::int64_t>{time_major ? 0 : 1});
    return n.emit(ops::reverse, {from}, {to}, std::move(a));
  };
  const tensor_id reversed = like(n, "/reversed", x), result = like(n, "/backward_steps", y);
  if (auto s = turned(x, reversed); !s) return s;
  if (auto s = layer(reversed, result); !s) return s;
  return turned(result, y);
}
/// Results of both directions: two tensors, or one with both along its last axis.
struct directions {
  tensor_id forward = no_tensor, backward = no_tensor;
};
inline result<directions> begin_directions(tflite_node& n, bool merge) {
  if (!merge) {
    if (n.outputs() < 2 || n.out_id(1) == no_tensor) return invalid("a second output is absent");
    return directions{n.out_id(), n.out_id(1)};
  }
  return directions{like(n, "/forward", n.out_id()), like(n, "/backward", n.out_id())};
}
inline status end_directions(tflite_node& n, bool merge, const directions& d) {
  if (!merge) return unit{};
  attributes a;
  a.set("axis", std::int64_t{-1});
  return n.emit(quantized(n.out()) ? ops::qnn_concat : ops::concat, {d.forward, d.backward},
                {n.out_id()}, std::move(a));
}
/// Inputs: 0 x, 1..17 the forward layer's, 18..34 the backward one's, 35, 36 and 37, 38 states,
/// 39 a second input and 40..47 its weights.
inline status bidirectional_lstm(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (auto s = read_uint8_weights_as_int8(n); !s) return s;
  const auto o = n.options<tflite_schema::bidirectional_lstm_options>();
  for (std::size_t i = 39; i < n.inputs(); ++i)
    if (n.has(i)) return unsupported("a second input of a bidirectional layer");
  const dims from = n.in(0).shape;
  if (o.merge_outputs && !o.time_major && from.rank == 3 && from[0] > 1)
    return unsupported("merged outputs of several sequences, batch-major", std::to_string(from[0]),
                       "one sequence, or time-major: TFLite takes others' states there");
  const auto d = begin_directions(n, o.merge_outputs);
  if (!d) return d.error();
  for (std::size_t side = 0; side < 2; ++side) {
    lstm_layer l;
    l.in.assign(24, no_tensor);
    l.in[0] = n.in_id(0);
    for (std::size_t i = 1; i < 18; ++i) l.in[i] = n.in_id(i + 17 * side);
    l.in[18] = n.in_id(35 + 2 * side), l.in[19] = n.in_id(36 + 2 * side);
    l.out = side == 0 ? d->forward : d->backward;
    l.cell_clip = static_cast<double>(o.cell_clip),
    l.state_clip = static_cast<double>(o.state_clip);
    l.time_major = o.time_major, l.asymmetric = o.asymmetric;
    if (auto s = check_lstm(n, l, o.activation); !s) return s;
    const auto layer = [&](tensor_id x, tensor_id y) {
      l.in[0] = x, l.out = y;
      return lstm_direction(n, l);
    };
    auto s = side == 0 ? layer(l.in[0], l.out) : backwards(n, l.time_major, l.in[0], l.out, layer);
    if (!s) return s;
  }
  return end_directions(n, o.merge_outputs, *d);
}

// ---- RNN ----

inline status rnn_direction(tflite_node& n, std::vector<tensor_id> in, tensor_id out,
                            bool time_major, bool asymmetric, tflite_activation activation) {
  for (const tensor_id t : in)
    if (t == no_tensor) return invalid("an operand is absent");
  if (n.g()[in[4]].role != tensor::kind::state)
    return invalid("the hidden state is not a variable tensor");
  rnn_attrs a;
  a.time_major = time_major, a.asymmetric = asymmetric && n.g()[in[1]].type == dtype::s8;
  a.tanh = activation == tflite_activation::tanh;
  const tensor_id state = in[4];
  return n.emit(ops::rnn, std::move(in), {out, state}, to_attributes(a),
                a.tanh ? tflite_activation::none : activation);
}
inline status sequence_rnn(tflite_node& n) {
  if (auto s = need_inputs(n, 5); !s) return s;
  if (auto s = read_uint8_weights_as_int8(n); !s) return s;
  const auto o = n.options<tflite_schema::sequence_rnn_options>();
  return rnn_direction(n, n.ins(), n.out_id(), o.time_major, o.asymmetric, o.activation);
}
inline status one_step_rnn(tflite_node& n) {
  if (auto s = need_inputs(n, 5); !s) return s;
  if (auto s = read_uint8_weights_as_int8(n); !s) return s;
  const auto o = n.options<tflite_schema::rnn_options>();
  std::vector<tensor_id> in = n.ins();
  tensor_id y = no_tensor;
  if (auto s = as_sequence(n, in[0], y); !s) return s;
  if (auto s = rnn_direction(n, in, y, true, o.asymmetric, o.activation); !s) return s;
  return from_sequence(n, y);
}
/// Inputs: 0 x, 1..4 weights, recurrent weights, bias and state forward, 5..8 backward, 9 a second
/// input and its weights.
inline status bidirectional_rnn(tflite_node& n) {
  if (auto s = need_inputs(n, 9); !s) return s;
  for (std::size_t i = 9; i < n.inputs(); ++i)
    if (n.has(i)) return unsupported("a second input of a bidirectional layer");
  if (auto s = read_uint8_weights_as_int8(n); !s) return s;
  const auto o = n.options<tflite_schema::bidirectional_rnn_options>();
  const dims from = n.in(0).shape;
  if (n.has(1) && n.in(1).type == dtype::s8 && o.time_major && from.rank == 3 &&
      (from[0] > 1 || from[1] > 1))
    return unsupported("int8 weights on float32, time-major", to_string(from),
                       "batch-major: TFLite runs the sequence as often as it has steps");
  const auto d = begin_directions(n, o.merge_outputs);
  if (!d) return d.error();
  for (std::size_t side = 0; side < 2; ++side) {
    const auto layer = [&](tensor_id x, tensor_id y) {
      std::vector<tensor_id> in{x};
      for (std::size_t i = 1; i < 5; ++i) in.push_back(n.in_id(i + 4 * side));
      return rnn_direction(n, std::move(in), y, o.time_major, o.asymmetric, o.activation);
    };
    auto s = side == 0 ? layer(n.in_id(0), d->forward)
                       : backwards(n, o.time_major, n.in_id(0), d->backward, layer);
    if (!s) return s;
  }
  return end_directions(n, o.merge_outputs, *d);
}

// ---- SVDF ----

/// Inputs of the file: x, feature weights, time weights, bias or nothing, state.
inline status svdf(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  if (auto s = state_of(n, 4); !s) return s;
  if (auto s = read_uint8_weights_as_int8(n); !s) return s;
  const auto o = n.options<tflite_schema::svdf_options>();
  std::vector<tensor_id> in{n.in_id(0), n.in_id(1), n.in_id(2), n.in_id(4)};
  if (n.has(3)) in.push_back(n.in_id(3));
  if (n.in(0).type == dtype::f32) {
    float_svdf_attrs a;
    a.rank = o.rank, a.asymmetric = o.asymmetric && n.in(1).type == dtype::s8;
    return n.emit(ops::float_svdf, std::move(in), {n.out_id(), n.in_id(4)}, to_attributes(a),
                  o.activation);
  }
  if (n.in(0).type != dtype::s8)
    return unsupported("SVDF element type", std::string(name_of(n.in(0).type)), "int8, float32");
  if (o.activation != tflite_activation::relu)
    return unsupported("fused activation of an int8 SVDF",
                       std::to_string(static_cast<int>(o.activation)), "RELU");
  attributes a;
  a.set("rank", std::int64_t{o.rank});
  return n.emit(ops::qnn_svdf, std::move(in), {n.out_id(), n.in_id(4)}, std::move(a));
}

inline constexpr tflite_row recurrent_rows[] = {
    {"LSTM", &one_step_lstm},
    {"RNN", &one_step_rnn},
    {"SVDF", &svdf},
    {"UNIDIRECTIONAL_SEQUENCE_RNN", &sequence_rnn},
    {"UNIDIRECTIONAL_SEQUENCE_LSTM", &sequence_lstm},
    {"BIDIRECTIONAL_SEQUENCE_RNN", &bidirectional_rnn},
    {"BIDIRECTIONAL_SEQUENCE_LSTM", &bidirectional_lstm},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_RECURRENT_HPP_
// ---- octet/import/tflite/rows_spectrum.hpp
// TFLite operators on complex numbers, which the graph holds as pairs along a last axis: RFFT2D,
// COMPLEX_ABS, REAL, IMAG.
#ifndef OCTET_IMPORT_TFLITE_ROWS_SPECTRUM_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_SPECTRUM_HPP_


OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

/// Whether input 0 and output 0 are of complex numbers.
inline status need_complex(const tflite_node& n, bool in, bool out) {
  if (n.is_complex(n.in_id(0)) == in && n.is_complex(n.out_id()) == out) return unit{};
  const auto text = [](bool a, bool b) {
    return std::string(a ? "complex64" : "real") + " to " + (b ? "complex64" : "real");
  };
  return invalid("element types", text(n.is_complex(n.in_id(0)), n.is_complex(n.out_id())),
                 text(in, out));
}
inline status rfft2d(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  if (auto s = need_complex(n, false, true); !s) return s;
  if (n.in(0).type != dtype::f32)
    return unsupported("element type", std::string(name_of(n.in(0).type)), "float32");
  const auto length = n.integers(1);
  if (length.size() != 2) return unsupported("a transform whose size is computed at run time");
  for (const std::int64_t e : length)
    if (e < 1 || e > most_transform || !is_transform(static_cast<std::int32_t>(e)) || length[1] < 2)
      return unsupported("size of the transform",
                         std::to_string(length[0]) + "x" + std::to_string(length[1]),
                         "powers of 2, the width at least 2");
  attributes a;
  a.set("height", length[0]);
  a.set("width", length[1]);
  return n.emit(ops::rfft2d, {n.in_id(0)}, n.outs(), std::move(a));
}
inline status complex_abs(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (auto s = need_complex(n, true, false); !s) return s;
  return n.emit(ops::complex_abs);
}
/// Of each pair the element `Part`.
template <std::int64_t Part> status part_of_complex(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (auto s = need_complex(n, true, false); !s) return s;
  attributes a;
  a.set("begin", std::vector<std::int64_t>{0, Part});
  a.set("end", std::vector<std::int64_t>{0, Part + 1});
  a.set("strides", std::vector<std::int64_t>{1, 1});
  a.set("ellipsis_mask", std::int64_t{1});
  a.set("shrink_axis_mask", std::int64_t{2});
  return n.emit(ops::strided_slice, std::move(a));
}

inline constexpr tflite_row spectrum_rows[] = {
    {"RFFT2D", &rfft2d},
    {"IMAG", &part_of_complex<1>},
    {"REAL", &part_of_complex<0>},
    {"COMPLEX_ABS", &complex_abs},
};

inline constexpr std::string_view complex_movements[] = {"RESHAPE", "SQUEEZE", "EXPAND_DIMS"};
/// Whether an operator's operands may be complex numbers.
constexpr bool takes_complex(std::int32_t code) {
  for (const tflite_row& r : spectrum_rows)
    if (r.code == code) return true;
  const std::string_view name = tflite_schema::builtin_name(code);
  for (const std::string_view m : complex_movements)
    if (m == name) return true;
  return false;
}
inline std::string complex_takers() {
  std::string list = "of";
  for (const tflite_row& r : spectrum_rows) list += " " + std::string(r.name);
  for (const std::string_view m : complex_movements) list += " " + std::string(m);
  return list;
}

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_SPECTRUM_HPP_

OCTET_NAMESPACE_BEGIN
namespace import {

namespace detail {
inline constexpr std::span<const tflite_row> tflite_families[] = {
    tflite_rows::activation_rows, tflite_rows::conv_rows,      tflite_rows::elementwise_rows,
    tflite_rows::pool_rows,       tflite_rows::recurrent_rows, tflite_rows::shape_rows,
    tflite_rows::binary_rows,     tflite_rows::movement_rows,  tflite_rows::matrix_rows,
    tflite_rows::data_rows,       tflite_rows::spectrum_rows,
};
}  // namespace detail

namespace detail {
inline constexpr auto tflite_rows_by_code = [] {
  std::array<const tflite_row*, std::size(tflite_schema::builtin_operators)> rows{};
  for (const auto& family : tflite_families)
    for (const tflite_row& r : family) rows[as_size(r.code)] = &r;
  return rows;
}();
}  // namespace detail

/// The row of a builtin operator; null where octet has none.
constexpr const tflite_row* find_tflite_row(std::int32_t code) {
  const auto& rows = detail::tflite_rows_by_code;
  return code >= 0 && as_size(code) < rows.size() ? rows[as_size(code)] : nullptr;
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_HPP_

OCTET_NAMESPACE_BEGIN
namespace import {

/// Operators that the loader carries out: they run subgraphs or name variables.
inline constexpr std::string_view tflite_control_operators[] = {
    "CUSTOM",          "CALL_ONCE",           "IF", "WHILE", "VAR_HANDLE", "READ_VARIABLE",
    "ASSIGN_VARIABLE", "STABLEHLO_COMPOSITE",
};

struct tflite_refused {
  std::string_view name, why;
};
namespace detail {
inline constexpr std::string_view texts = "works on texts or tables of them",
                                  random = "random numbers of the framework's own generator",
                                  no_kernel = "no kernel of the framework computes it",
                                  open = "the result's shape depends on the input's values",
                                  stable_hlo =
                                      "StableHLO: to be converted to TensorFlow Lite's own "
                                      "operators";
}  // namespace detail
inline constexpr tflite_refused refused_tflite_operators[] = {
    {"HASHTABLE_LOOKUP", detail::texts},
    {"LSH_PROJECTION", "hashes of its input"},
    {"CONCAT_EMBEDDINGS", detail::no_kernel},
    {"SKIP_GRAM", detail::texts},
    {"CALL", detail::no_kernel},
    {"EMBEDDING_LOOKUP_SPARSE", "sparse look-ups"},
    {"DELEGATE", "another library's compiled program"},
    {"UNIQUE", detail::open},
    {"PLACEHOLDER_FOR_GREATER_OP_CODES", detail::no_kernel},
    {"HASHTABLE", detail::texts},
    {"HASHTABLE_FIND", detail::texts},
    {"HASHTABLE_IMPORT", detail::texts},
    {"HASHTABLE_SIZE", detail::texts},
    {"CONV_3D_TRANSPOSE", "its floats are added in an order that is not known"},
    {"RANDOM_STANDARD_NORMAL", detail::random},
    {"RANDOM_UNIFORM", detail::random},
    {"MULTINOMIAL", detail::random},
    {"ATAN2", "octet has no function with the bits of the C library's binary32 atan2f"},
    {"BITCAST", "bytes of one element type read as another"},
    {"DILATE", "no converter writes it into a quantized model"},
    {"REDUCE_WINDOW", "no converter writes it into a quantized model"},
};
inline constexpr std::string_view stable_hlo_prefix = "STABLEHLO_";

/// Why an operator code is refused; empty for those that have a row or that the schema lacks.
constexpr std::string_view why_refused(std::int32_t code) {
  const std::string_view name = tflite_schema::builtin_name(code);
  for (const tflite_refused& r : refused_tflite_operators)
    if (r.name == name) return r.why;
  return name.starts_with(stable_hlo_prefix) ? detail::stable_hlo : std::string_view();
}
/// Custom operators whose names say where they come from.
constexpr std::string_view why_refused_custom(std::string_view name) {
  if (name.starts_with("Flex"))
    return "an operator of TensorFlow itself: to be converted with TFLITE_BUILTINS alone";
  if (name == "edgetpu-custom-op")
    return "compiled for the Edge TPU: load the file from before edgetpu_compiler";
  if (name == "ethos-u") return "compiled for Ethos-U: load the file from before vela";
  return "its maker's own: see tflite_options::operators";
}

namespace detail {
constexpr bool every_tflite_operator_has_one_answer() {
  for (std::size_t code = 0; code < std::size(tflite_schema::builtin_operators); ++code) {
    const std::string_view name = tflite_schema::builtin_operators[code];
    int answers = find_tflite_row(static_cast<std::int32_t>(code)) != nullptr;
    bool control = false;
    for (const std::string_view c : tflite_control_operators) control |= c == name;
    answers += control;
    if (!control) answers += !why_refused(static_cast<std::int32_t>(code)).empty();
    if (answers != 1) return false;
  }
  return true;
}
static_assert(every_tflite_operator_has_one_answer(),
              "a builtin operator has neither a row nor a reason, or both");
}  // namespace detail

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_REFUSED_HPP_
// ---- octet/import/tflite/tensors.hpp
// Tensors of a TFLite file as the graph has them: element type, shape, quantization, contents.
#ifndef OCTET_IMPORT_TFLITE_TENSORS_HPP_
#define OCTET_IMPORT_TFLITE_TENSORS_HPP_

// ---- octet/import/tflite/sparse.hpp
// Sparse constants of .tflite files: the tables that say where their elements are, and the dense
// tensor that they stand for.
#ifndef OCTET_IMPORT_TFLITE_SPARSE_HPP_
#define OCTET_IMPORT_TFLITE_SPARSE_HPP_

#include <algorithm>


OCTET_NAMESPACE_BEGIN
namespace import::detail {

/// Elements in the order of the file at their places in a dense tensor; the others are 0.
class sparse_reader {
 public:
  /// shape: of the dense tensor; size: bytes of an element.
  sparse_reader(const tflite_schema::sparsity_table& from, const dims& shape, std::size_t size,
                work_budget& work)
      : shape_(shape), size_(size), work_(work) {
    const auto copy = [](const tflite_schema::integer_vector* v) {
      // Longer lists fit no tensor; many tensors may share one.
      return v && v->size() <= 2 * dims::max_rank ? std::vector<std::int32_t>(v->begin(), v->end())
                                                  : std::vector<std::int32_t>();
    };
    order_ = copy(from.traversal_order());
    blocks_ = copy(from.block_map());
    levels_ = from.dim_metadata();
  }
  result<std::vector<std::byte>> read(std::span<const std::byte> raw) {
    if (auto s = check(); !s) return s.error();
    raw_ = raw;
    dense_.assign(saturating_mul(shape_.elements().value, size_), std::byte{});
    at_.assign(order_.size(), 0);
    if (auto s = fill(0, 0); !s) return s.error();
    if (next_ * size_ != raw_.size())
      return malformed("elements of a sparse tensor", std::to_string(raw_.size() / size_),
                       std::to_string(next_));
    return std::move(dense_);
  }

 private:
  const tflite_schema::dimension_table& level(std::size_t i) const {
    return *levels_->Get(static_cast<flatbuffers::uoffset_t>(i));
  }
  /// Every axis and every block once; extents are those of the dense tensor.
  status check() {
    const auto rank = as_size(shape_.rank);
    const auto broken = [] { return malformed("sparsity of a tensor"); };
    if (!levels_ || order_.size() != rank + blocks_.size() || blocks_.size() > rank ||
        levels_->size() != order_.size())
      return broken();
    std::vector<bool> seen(order_.size(), false);
    block_extents_.assign(blocks_.size(), 0);
    std::vector<std::int64_t> extents(rank, 0);
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const auto axis = as_size(order_[i]);
      // The axes come first, then the blocks.
      if (order_[i] < 0 || axis >= seen.size() || seen[axis] || (i < rank) != (axis < rank))
        return broken();
      seen[axis] = true;
      const auto& l = level(i);
      if (!l.dense() && (!l.segments().given() || !l.indices().given())) return broken();
      if (axis >= rank) {
        if (!l.dense() || l.size() < 1) return broken();
        block_extents_[axis - rank] = l.size();
      } else {
        extents[axis] = l.size();
      }
    }
    std::vector<std::int64_t> times(rank, 1);
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      if (blocks_[b] < 0 || as_size(blocks_[b]) >= rank) return broken();
      times[as_size(blocks_[b])] *= block_extents_[b];
    }
    for (std::size_t a = 0; a < rank; ++a)
      if (level_of(a).dense() &&
          (extents[a] < 0 || extents[a] * times[a] != std::int64_t{shape_[static_cast<int>(a)]}))
        return broken();
    return unit{};
  }
  const tflite_schema::dimension_table& level_of(std::size_t axis) const {
    return level(as_size(std::find(order_.begin(), order_.end(), static_cast<std::int32_t>(axis)) -
                         order_.begin()));
  }
  /// Level i of the tree; `from`: which of its parents' entries this is, counted through.
  status fill(std::size_t i, std::int64_t from) {
    if (auto s = work_.spend(1); !s) return s;
    if (i == order_.size()) return put();
    const auto& l = level(i);
    if (l.dense()) {
      for (std::int64_t k = 0; k < l.size(); ++k) {
        at_[i] = k;
        if (auto s = fill(i + 1, from * l.size() + k); !s) return s;
      }
      return unit{};
    }
    const auto segments = l.segments(), indices = l.indices();
    if (from < 0 || from + 1 >= segments.size())
      return malformed("segments of a sparse tensor", std::to_string(segments.size()),
                       "more than " + std::to_string(from + 1));
    const std::int64_t begin = segments[from], end = segments[from + 1];
    if (begin < 0 || end < begin || end > indices.size())
      return malformed("segment of a sparse tensor", std::to_string(end));
    for (std::int64_t k = begin; k < end; ++k) {
      at_[i] = indices[k];
      if (auto s = fill(i + 1, k); !s) return s;
    }
    return unit{};
  }
  status put() {
    const auto rank = as_size(shape_.rank);
    std::vector<std::int64_t> place(rank, 0);
    for (std::size_t i = 0; i < rank; ++i) place[as_size(order_[i])] = at_[i];
    for (std::size_t i = rank; i < order_.size(); ++i) {
      const auto block = as_size(order_[i]) - rank;
      auto& p = place[as_size(blocks_[block])];
      p = p * block_extents_[block] + at_[i];
    }
    std::size_t flat = 0;
    for (std::size_t a = 0; a < rank; ++a) {
      const std::int64_t extent = shape_[static_cast<int>(a)];
      if (place[a] < 0 || place[a] >= extent)
        return malformed("index of a sparse tensor", std::to_string(place[a]),
                         "below " + std::to_string(extent));
      flat = flat * as_size(extent) + as_size(place[a]);
    }
    if ((next_ + 1) * size_ > raw_.size())
      return malformed("elements of a sparse tensor", std::to_string(raw_.size() / size_),
                       "more than " + std::to_string(next_));
    std::memcpy(dense_.data() + flat * size_, raw_.data() + next_ * size_, size_);
    ++next_;
    return unit{};
  }

  dims shape_;
  std::size_t size_;
  work_budget& work_;
  std::vector<std::int32_t> order_, blocks_;
  const tflite_schema::table_vector<tflite_schema::dimension_table>* levels_ = nullptr;
  std::vector<std::int64_t> block_extents_, at_;
  std::span<const std::byte> raw_;
  std::vector<std::byte> dense_;
  std::size_t next_ = 0;
};

}  // namespace import::detail
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_SPARSE_HPP_

OCTET_NAMESPACE_BEGIN
namespace import::detail {

/// Reads tensors of one file. Constants refer to the file's bytes where these are aligned. Tensors
/// may share names, scales and contents: what is copied of them counts as the builder's work.
class tflite_tensors {
 public:
  tflite_tensors(const file_bytes& file, const tflite_schema::model_table& model,
                 graph_builder& build)
      : file_(file), model_(model), build_(build) {}

  /// `fallback`: its name where the file has none.
  result<tensor> read(const tflite_schema::tensor_table& from, const std::string& fallback) const {
    if (auto s = build_.work.spend(from.name() ? from.name()->size() : 0); !s) return s.error();
    tensor t;
    t.name = from.name() ? from.name()->str() : fallback;
    status s = extents(t, from);
    if (s) s = quantization(t, from);
    if (s) s = contents(t, from);
    if (!s) return error_place{.tensor = t.name}.attach(s.error());
    if (from.is_variable()) t.role = tensor::kind::state;
    return t;
  }

 private:
  /// Element type and shape. A complex number is a last axis of its two parts.
  static status extents(tensor& t, const tflite_schema::tensor_table& from) {
    const bool complex = from.type() == tflite_schema::tensor_type::complex64;
    const auto type = complex ? dtype::f32 : tflite_schema::dtype_of_tensor(from.type());
    if (!type) {
      const std::string_view name = tflite_schema::name_of(from.type());
      return unsupported("element type",
                         name.empty() ? "code " + std::to_string(static_cast<int>(from.type()))
                                      : std::string(name),
                         "float32, float16, float64, int2, int4, uint4, int8, uint8, int16, "
                         "uint16, int32, uint32, int64, uint64, bool, complex64");
    }
    t.type = *type;
    const std::size_t rank = from.shape() ? from.shape()->size() : 0,
                      most = dims::max_rank - (complex ? 1 : 0);
    if (rank > most)
      return unsupported("rank", std::to_string(rank), "at most " + std::to_string(most));
    for (flatbuffers::uoffset_t i = 0; i < rank; ++i) {
      const std::int32_t e = from.shape()->Get(i);
      if (e < 0) return malformed("negative extent", std::to_string(e));
      t.shape.push_back(e);
    }
    if (complex) t.shape.push_back(2);
    return verify_shape(t.shape);
  }
  status quantization(tensor& t, const tflite_schema::tensor_table& from) const {
    const auto* q = from.quantization();
    if (!q) return unit{};
    if (q->blockwise()) return unit{};  // its scales are another tensor: the loader finds them
    if (!q->scale() || q->scale()->size() == 0) return unit{};
    const std::size_t copied = q->scale()->size() + (q->zero_point() ? q->zero_point()->size() : 0);
    if (auto s = build_.work.spend(saturating_mul(copied, sizeof(double))); !s) return s;
    if (q->details_type() != tflite_schema::quantization_details::none)
      return unsupported("custom quantization");
    bool zero = true;  // converters write scale 0 for tensors that are not quantized
    for (float s : *q->scale()) zero &= s == 0;
    if (zero) return unit{};
    for (float s : *q->scale()) t.scales.push_back(static_cast<double>(s));
    if (t.scales.size() > 1) t.axis = q->axis();
    if (!q->zero_point()) return unit{};
    for (flatbuffers::uoffset_t k = 0; k < q->zero_point()->size(); ++k) {
      std::int64_t z;  // the Verifier does not promise 8-byte alignment
      std::memcpy(&z, q->zero_point()->Data() + sizeof z * k, sizeof z);
      if (z < INT32_MIN || z > INT32_MAX) return malformed("zero point", std::to_string(z));
      t.zero_points.push_back(static_cast<std::int32_t>(z));
    }
    if (t.zero_points.size() > t.scales.size()) t.zero_points.resize(t.scales.size());
    return unit{};
  }
  status contents(tensor& t, const tflite_schema::tensor_table& from) const {
    if (!model_.buffers() || from.buffer() >= model_.buffers()->size()) {
      if (from.buffer() == 0) return unit{};
      return malformed("buffer index", std::to_string(from.buffer()));
    }
    const auto* b = model_.buffers()->Get(from.buffer());
    if (!b) return unit{};
    std::span<const std::byte> raw;
    if (b->data() && b->data()->size() > 0) {
      raw = {reinterpret_cast<const std::byte*>(b->data()->data()), b->data()->size()};
    } else if (!b->data() && b->offset() > 1) {  // 1: a placeholder while a converter writes
      if (b->offset() > file_.bytes.size() || b->size() > file_.bytes.size() - b->offset())
        return malformed("buffer outside the file");
      raw = file_.bytes.subspan(b->offset(), b->size());
    } else {
      return unit{};
    }
    t.role = tensor::kind::constant;
    const std::size_t bytes = bytes_of(t.shape.elements(), t.type).value;
    if (from.sparsity()) {
      if (tflite_schema::packed_bits(from.type()) != 0)
        return unsupported("a sparse tensor of packed elements",
                           std::string(tflite_schema::name_of(from.type())));
      if (auto s = build_.make_constant(bytes); !s) return s;
      auto dense = sparse_reader(*from.sparsity(), t.shape, size_of(t.type), build_.work).read(raw);
      if (!dense) return dense.error();
      t.data = constant_data::copy(*dense);
      return unit{};
    }
    if (const int bits = tflite_schema::packed_bits(from.type()); bits != 0) {
      if (auto s = build_.make_constant(bytes); !s) return s;
      return unpack(t, raw, bits);
    }
    if (raw.size() != bytes)
      return malformed(
          "constant size", std::to_string(raw.size()) + " bytes",
          std::to_string(bytes) + " for " + std::string(name_of(t.type)) + to_string(t.shape));
    const bool aligned = reinterpret_cast<std::uintptr_t>(raw.data()) % size_of(t.type) == 0;
    if (auto s = aligned ? build_.hold_constant(bytes) : build_.make_constant(bytes); !s) return s;
    t.data = aligned ? constant_data{file_.owner, raw} : constant_data::copy(raw);
    return unit{};
  }
  /// Elements of 2 or 4 bits, the lowest bits of a byte first.
  static status unpack(tensor& t, std::span<const std::byte> raw, int bits) {
    const std::size_t n = t.shape.elements().value, each = 8 / as_size(bits);
    if (raw.size() < (n + each - 1) / each)
      return malformed("constant size", std::to_string(raw.size()) + " bytes",
                       std::to_string((n + each - 1) / each));
    std::vector<std::int8_t> wide(n);
    for (std::size_t i = 0; i < n; ++i) {
      const unsigned byte = static_cast<std::uint8_t>(raw[i / each]),
                     top = byte << (8 - bits - static_cast<int>(i % each) * bits) & 0xFF;
      wide[i] = t.type == dtype::u8
                    ? static_cast<std::int8_t>(top >> (8 - bits))
                    : static_cast<std::int8_t>(static_cast<std::int8_t>(top) >> (8 - bits));
    }
    t.data = constant_data::of(std::span<const std::int8_t>(wide));
    return unit{};
  }

  const file_bytes& file_;
  const tflite_schema::model_table& model_;
  graph_builder& build_;
};

/// What a file that is not a TensorFlow Lite model is, as far as its first bytes tell: what people
/// have at hand when they look for one. Empty where they tell nothing.
inline std::string_view kind_of_file(std::span<const std::byte> bytes) {
  struct known {
    std::string_view start, what;
  };
  constexpr known list[] = {
      {{"PK\x03\x04", 4},
       "a zip archive: a PyTorch, Keras (.keras) or MediaPipe (.task) file holds its model inside"},
      {{"\x89HDF", 4}, "an HDF5 file: a Keras model, to be converted with tf.lite.TFLiteConverter"},
      {{"\x1f\x8b", 2}, "a gzip archive: to be unpacked first"},
      {{"OCTET", 5}, "an .octet file"},
      {{"<!DOCTYPE", 9}, "a web page: the download did not give the file"},
      {{"<html", 5}, "a web page: the download did not give the file"},
      {{"version https://git-lfs", 23}, "a Git LFS pointer: the file itself is to be fetched"},
      {{"{", 1}, "a JSON text"},
      {{"\x80", 1}, "a Python pickle"},
      {{"GGUF", 4}, "a GGUF file: a language model, which octet does not read"},
      {{"\x93NUMPY", 6}, "a NumPy array"},
      {{"\177ELF", 4}, "a program or shared library"},
      {{"\x89PNG", 4}, "a picture"},
      {{"\xff\xd8\xff", 3}, "a picture"},
  };
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (const known& k : list)
    if (head.starts_with(k.start)) return k.what;
  if (head.size() > 2 && head[0] == 8 && head[1] > 0 && head[1] < 32 && head[2] == 18)
    return "a protocol buffer, as ONNX models (.onnx) and TensorFlow's SavedModel are";
  if (head.substr(0, 4096).find("unsigned char") != std::string_view::npos)
    return "C source: the bytes in it are the file";
  return {};
}

}  // namespace import::detail
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_TENSORS_HPP_

OCTET_NAMESPACE_BEGIN
namespace import {

namespace detail {

/// Subgraphs that an operator runs (control flow, composites) become nodes in its place: there is
/// one list of nodes, and what runs how often is known when the file is loaded. Variables become
/// states of the session.
class tflite_loader {
 public:
  tflite_loader(file_bytes f, const tflite_options& o, first_constants& kept)
      : file_(std::move(f)),
        options_(o),
        build_(file_.name, o.arithmetic, o.max, file_.bytes.size()),
        verifier_(reinterpret_cast<const std::uint8_t*>(file_.bytes.data()), file_.bytes.size(),
                  deepest_table, most_tables) {
    build_.kept = &kept;
  }

  result<graph> run() {
    const numerics::exact_environment environment;
    if (auto s = load(); !s)
      return error_place{.file = file_.name, .node = where_}.attach(s.error());
    auto g = build_.finish();
    if (!g) return error_place{.file = file_.name}.attach(g.error());
    return g;
  }

 private:
  static constexpr flatbuffers::uoffset_t deepest_table = 64, most_tables = 1 << 22;
  /// Tensors and operators of subgraphs put in place of operators, all together; subgraphs within
  /// subgraphs.
  static constexpr std::size_t most_inlined = std::size_t{1} << 21, deepest_subgraph = 16;
  using model_table = tflite_schema::model_table;
  using subgraph_table = tflite_schema::subgraph_table;
  using operator_table = tflite_schema::operator_table;
  using integer_vector = tflite_schema::integer_vector;
  using index_type = flatbuffers::uoffset_t;

  /// What a tensor of a subgraph stands for: a tensor of the graph or a handle of a variable.
  struct value {
    tensor_id tensor = no_tensor;
    std::int32_t variable = -1;
  };
  /// A subgraph while its operators become nodes.
  struct frame {
    const subgraph_table* sub = nullptr;
    std::uint32_t index = 0;
    std::string within{};         // " in WHILE #3": behind the names of its operators
    std::vector<value> values{};  // one for each of its tensors
    std::size_t depth = 0;
  };
  struct variable {
    std::string name;
    tensor_id state = no_tensor;  // none before its first value
    bool used = false;            // outside of a CALL_ONCE
  };

  status load() {
    if (auto s = open(); !s) return s;
    std::uint32_t entry = 0;
    if (auto s = choose(entry); !s) return s;
    if (auto s = missing(entry); !s) return s;
    fixed_.resize(model_->subgraphs()->size());
    frame f;
    if (auto s = begin(entry, f); !s) return s;
    graph& g = build_.g;
    if (auto s = ends(f, f.sub->inputs(), g.inputs, "input"); !s) return s;
    if (auto s = given_shapes(); !s) return s;
    for (const tensor_id t : g.inputs)
      if (auto s = build_.verify_input(g[t]); !s) return s;
    if (auto s = convert_all(f); !s) return s;
    where_.clear();
    if (auto s = ends(f, f.sub->outputs(), g.outputs, "output"); !s) return s;
    for (const auto* list : {&g.inputs, &g.outputs})
      for (const tensor_id t : *list)
        if (is_complex(t))
          return error_place{.tensor = g[t].name}.attach(
              unsupported("element type of an input or output", "complex64",
                          "its real and imaginary part (REAL, IMAG) or magnitude (COMPLEX_ABS)"));
    return unit{};
  }
  status open() {
    if (file_.bytes.size() < 8 || file_.bytes.size() > FLATBUFFERS_MAX_BUFFER_SIZE)
      return malformed("file size", std::to_string(file_.bytes.size()) + " bytes",
                       "8 bytes to 2 GB");
    const auto* start = reinterpret_cast<const std::uint8_t*>(file_.bytes.data());
    if (std::memcmp(start + 4, "TFL3", 4) != 0)
      return malformed("not a TensorFlow Lite file: the identifier TFL3 is missing",
                       std::string(kind_of_file(file_.bytes)));
    if (!verifier_.VerifyBuffer<model_table>("TFL3"))
      return malformed("the FlatBuffers structure is damaged");
    model_ = flatbuffers::GetRoot<model_table>(start);
    if (model_->version() != 3)
      return unsupported("schema version", std::to_string(model_->version()), "3");
    if (!model_->subgraphs() || model_->subgraphs()->size() == 0) return malformed("no subgraph");
    return unit{};
  }
  /// The subgraph of the signature that the caller asks for; the first one where it asks for none.
  status choose(std::uint32_t& entry) const {
    if (options_.signature.empty()) return unit{};
    std::string names;
    const auto* list = model_->signatures();
    for (index_type i = 0; list && i < list->size(); ++i) {
      const auto& s = *list->Get(i);
      const std::string key = s.key() ? s.key()->str() : std::string();
      names += (names.empty() ? "" : ", ") + key;
      if (key != options_.signature) continue;
      if (s.subgraph() >= model_->subgraphs()->size())
        return malformed("subgraph of a signature", std::to_string(s.subgraph()));
      entry = s.subgraph();
      return unit{};
    }
    return invalid("signature", options_.signature,
                   names.empty() ? "none: the file has no signatures" : names);
  }
  status given_shapes() {
    graph& g = build_.g;
    for (const auto& [name, shape] : options_.shapes) {
      bool known = false;
      for (tensor_id t : g.inputs) {
        if (g[t].name != name) continue;
        known = true;
        if (g[t].role != tensor::kind::value && shape == g[t].shape) continue;
        if (g[t].role != tensor::kind::value)
          return invalid("shape given for an input that is a " + std::string(name_of(g[t].role)),
                         name);
        const std::uint32_t open = options_.only_open_extents ? open_axes_[as_size(t)] : ~0u;
        for (int i = 0; i < std::max(shape.rank, g[t].shape.rank); ++i)
          if ((shape.rank != g[t].shape.rank || shape[i] != g[t].shape[i]) && (open >> i & 1) == 0)
            return invalid("shape of an input that the file fixes", to_string(shape),
                           to_string(g[t].shape));
        g[t].shape = shape;
      }
      if (!known) return invalid("shape given for an input that does not exist", name);
    }
    return unit{};
  }

  // ---- operators by code ----

  static bool is_custom(const tflite_schema::operator_code_table& c) {
    return c.code() == tflite_schema::builtin_code("CUSTOM");
  }
  const tflite_schema::operator_code_table* code_of(const operator_table& o) const {
    return model_->codes() && o.code_index() < model_->codes()->size()
               ? model_->codes()->Get(o.code_index())
               : nullptr;
  }
  static std::string name_of_code(const tflite_schema::operator_code_table& c) {
    if (is_custom(c)) return "CUSTOM " + (c.custom() ? c.custom()->str() : std::string());
    const std::string_view known = tflite_schema::builtin_name(c.code());
    return known.empty() ? "operator code " + std::to_string(c.code()) : std::string(known);
  }
  /// The caller's operator for a custom one; null where there is none.
  const op_def* custom(const tflite_schema::operator_code_table& c) const {
    if (is_custom(c) && c.custom())
      for (const op_def* o : options_.operators)
        if (o->name == c.custom()->str()) return o;
    return nullptr;
  }
  /// octet's row for a custom operator; null where there is none.
  static const tflite_custom_row* custom_row(const tflite_schema::operator_code_table& c) {
    return is_custom(c) && c.custom() ? find_tflite_custom_row(c.custom()->str()) : nullptr;
  }

  using control = status (tflite_loader::*)(frame&, const operator_table&);
  /// Operators that are not nodes: the loader carries them out.
  struct control_row {
    std::int32_t code;
    control run;
  };
  static std::span<const control_row> control_rows() {
    using tflite_schema::builtin_code;
    static constexpr control_row rows[] = {
        {builtin_code("CALL_ONCE"), &tflite_loader::call_once},
        {builtin_code("IF"), &tflite_loader::run_if},
        {builtin_code("WHILE"), &tflite_loader::run_while},
        {builtin_code("STABLEHLO_COMPOSITE"), &tflite_loader::run_composite},
        {builtin_code("VAR_HANDLE"), &tflite_loader::var_handle},
        {builtin_code("READ_VARIABLE"), &tflite_loader::read_variable},
        {builtin_code("ASSIGN_VARIABLE"), &tflite_loader::assign_variable},
    };
    static_assert(std::size(rows) + 1 == std::size(tflite_control_operators), "and CUSTOM");
    return rows;
  }
  static const control_row* find_control(std::int32_t code) {
    for (const control_row& r : control_rows())
      if (r.code == code) return &r;
    return nullptr;
  }
  /// Subgraphs that an operator runs.
  std::vector<std::int64_t> subgraphs_of(const operator_table& o, std::int32_t code) {
    using tflite_schema::builtin_code;
    tflite_schema::options_reader first(o.options(), verifier_);
    if (code == builtin_code("CALL_ONCE"))
      return {first.read<tflite_schema::call_once_options>().init};
    if (code == builtin_code("IF")) {
      const auto i = first.read<tflite_schema::if_options>();
      return {i.then_branch, i.else_branch};
    }
    if (code == builtin_code("WHILE")) {
      const auto w = first.read<tflite_schema::while_options>();
      return {w.condition, w.body};
    }
    if (code == builtin_code("STABLEHLO_COMPOSITE"))
      return {tflite_schema::options_reader(o.options_2(), verifier_)
                  .read<tflite_schema::composite_options>()
                  .decomposition};
    return {};
  }
  /// Before anything else is looked at, in all subgraphs that run.
  status missing(std::uint32_t entry) {
    missing_operators list;
    std::set<std::int64_t> seen{entry};
    std::vector<std::int64_t> todo{entry};
    while (!todo.empty()) {
      const std::int64_t index = todo.back();
      todo.pop_back();
      const auto& sub = *model_->subgraphs()->Get(static_cast<index_type>(index));
      if (auto s = within_limit(&limits::nodes, options_.max, "operators of the file",
                                sub.operators() ? sub.operators()->size() : 0);
          !s)
        return s;
      // Many subgraphs may share one list of operators.
      if (auto s = build_.work.spend(
              saturating_mul(sub.operators() ? sub.operators()->size() : 0, std::size_t{16}));
          !s)
        return s;
      for (index_type i = 0; sub.operators() && i < sub.operators()->size(); ++i) {
        const auto& o = *sub.operators()->Get(i);
        const auto* code = code_of(o);
        if (!code) return malformed("operator #" + std::to_string(i) + " has no operator code");
        if (code->custom())  // many operators may share one long name
          if (auto s = build_.work.spend(code->custom()->size()); !s) return s;
        const bool known = find_tflite_row(code->code()) || find_control(code->code()) ||
                           custom(*code) || custom_row(*code);
        if (!known) {
          const std::string_view why =
              is_custom(*code) ? why_refused_custom(code->custom() ? code->custom()->str() : "")
                               : why_refused(code->code());
          list.add(name_of_code(*code),
                   "first at #" + std::to_string(i) +
                       (seen.size() > 1 ? " of subgraph " + std::to_string(index) : "") +
                       (why.empty() ? "" : ": " + std::string(why)));
        }
        for (const std::int64_t s : subgraphs_of(o, code->code()))
          if (s >= 0 && s < static_cast<std::int64_t>(model_->subgraphs()->size()) &&
              seen.insert(s).second)
            todo.push_back(s);
      }
    }
    return list.check();
  }

  // ---- tensors ----

  /// Makes the tensors of a subgraph that runs at this place. Constants and state are those of its
  /// other runs.
  status begin(std::uint32_t index, frame& f) {
    f.index = index;
    f.sub = model_->subgraphs()->Get(index);
    const index_type count = f.sub->tensors() ? f.sub->tensors()->size() : 0;
    inlined_ += count + 1u + (f.sub->operators() ? f.sub->operators()->size() : 0);
    if (auto s = within_limit(&limits::tensors, options_.max, "tensors of the file",
                              build_.g.tensors.size() + count);
        !s)
      return s;
    if (auto s = build_.work.spend(saturating_mul(count, sizeof(value))); !s) return s;
    f.values.resize(count);
    auto& fixed = fixed_[index];
    if (fixed.empty()) fixed.assign(count, no_tensor);
    const tflite_tensors reader(file_, *model_, build_);
    std::vector<std::pair<tensor_id, const tflite_schema::blockwise_table*>> in_blocks;
    for (index_type i = 0; i < count; ++i) {
      const auto& from = *f.sub->tensors()->Get(i);
      if (fixed[i] != no_tensor) {
        f.values[i].tensor = fixed[i];
        continue;
      }
      if (from.type() == tflite_schema::tensor_type::resource) {
        // Nothing in the graph; but the tensors of the first subgraph keep their numbers.
        if (f.depth == 0) build_.temporary("handle", dtype::u8);
        continue;
      }
      auto t = reader.read(from, "tensor " + std::to_string(i));
      if (!t) return t.error();
      const bool keeps = t->role != tensor::kind::value;
      const tensor_id id = f.values[i].tensor = build_.g.add(std::move(*t));
      stored_.resize(as_size(id) + 1);
      stored_.back() = {.axis = from.quantization() ? from.quantization()->axis() : 0,
                        .packed_bits = tflite_schema::packed_bits(from.type()),
                        .constant = build_.g[id].role == tensor::kind::constant};
      open_axes_.resize(as_size(id) + 1);
      open_axes_.back() = from.open_axes();
      complex_.resize(as_size(id) + 1);
      complex_.back() = from.type() == tflite_schema::tensor_type::complex64;
      if (const auto* q = from.quantization(); q && q->blockwise())
        in_blocks.emplace_back(id, q->blockwise());
      if (keeps) fixed[i] = id;
    }
    for (const auto& [id, from] : in_blocks) {
      const auto found = [&](std::int32_t t) {
        const auto i = as_size(t);
        return t >= 0 && i < f.values.size() ? f.values[i].tensor : no_tensor;
      };
      blocks_[id] = {found(from->scales()), found(from->zero_points()), from->block_size()};
    }
    return unit{};
  }
  bool is_complex(tensor_id t) const {
    const auto i = as_size(t);
    return t != no_tensor && i < complex_.size() && complex_[i];
  }
  /// Only some operators take complex numbers, and one takes weights with scales for their blocks.
  status unusual_operands(std::int32_t code, const std::vector<tensor_id>& in,
                          const std::vector<tensor_id>& out) const {
    for (const auto* list : {&in, &out})
      for (const tensor_id t : *list)
        if (is_complex(t) && !tflite_rows::takes_complex(code))
          return unsupported("operand of element type", "complex64", tflite_rows::complex_takers());
    for (std::size_t i = 0; i < in.size(); ++i)
      if (blocks_.contains(in[i]) &&
          (i != 1 || code != tflite_schema::builtin_code("FULLY_CONNECTED")))
        return unsupported("blockwise quantization of input " + std::to_string(i), {},
                           "of the weights of FULLY_CONNECTED");
    return unit{};
  }
  status index_in(const frame& f, std::int32_t t, std::size_t& to) const {
    if (t < 0 || as_size(t) >= f.values.size()) return malformed("tensor index", std::to_string(t));
    to = as_size(t);
    return unit{};
  }
  /// Operands of an operator as tensors of the graph.
  status ids(const frame& f, const integer_vector* from, std::vector<tensor_id>& to) {
    if (!from) return unit{};
    if (auto s = build_.work.spend(saturating_mul(from->size(), sizeof(tensor_id))); !s) return s;
    for (const std::int32_t t : *from) {
      if (t == no_tensor) {
        to.push_back(t);
        continue;
      }
      std::size_t i;
      if (auto s = index_in(f, t, i); !s) return s;
      if (f.values[i].variable >= 0)
        return unsupported("a variable's handle as operand of this operator");
      to.push_back(f.values[i].tensor);
    }
    return unit{};
  }
  /// Operands of control flow: handles of variables pass as well.
  status operands(const frame& f, const integer_vector* from, std::vector<value>& to) {
    if (!from) return unit{};
    if (auto s = build_.work.spend(saturating_mul(from->size(), sizeof(value))); !s) return s;
    for (const std::int32_t t : *from) {
      std::size_t i;
      if (auto s = index_in(f, t, i); !s) return s;
      to.push_back(f.values[i]);
    }
    return unit{};
  }
  status ends(const frame& f, const integer_vector* from, std::vector<tensor_id>& to,
              const char* what) {
    if (auto s = ids(f, from, to); !s) return s;
    for (tensor_id t : to)
      if (t == no_tensor) return malformed(std::string("graph ") + what + " is absent");
    return unit{};
  }

  // ---- operators ----

  status convert_all(frame& f) {
    for (index_type i = 0; f.sub->operators() && i < f.sub->operators()->size(); ++i)
      if (auto s = convert(f, *f.sub->operators()->Get(i), i); !s) return s;
    return unit{};
  }
  status convert(frame& f, const operator_table& o, index_type index) {
    const auto& code = *code_of(o);
    where_ = name_of_code(code) + " #" + std::to_string(index) + f.within;
    if (const control_row* row = find_control(code.code())) {
      const std::string here = where_;
      auto s = (this->*row->run)(f, o);
      if (s) where_ = here;
      return s;
    }
    std::vector<tensor_id> in, out;
    if (auto s = ids(f, o.inputs(), in); !s) return s;
    if (auto s = ids(f, o.outputs(), out); !s) return s;
    if (out.empty()) return malformed("operator has no output");
    if (is_known(f, o)) return unit{};
    for (tensor_id t : out)
      if (t == no_tensor || build_.g[t].role == tensor::kind::constant)
        return malformed("operator writes a constant or nothing");
    build_.enter(where_);
    tflite_node n(build_, options_, std::move(in), std::move(out),
                  tflite_schema::options_reader(o.options(), verifier_));
    if (auto s = ids(f, o.intermediates(), n.intermediates); !s) return s;
    n.stored = &stored_;
    n.framework.weights_axis = n.of_file(n.in_id(1)).axis;
    n.framework.int4_weights = n.of_file(n.in_id(1)).packed_bits == 4;
    n.open_axes = &open_axes_;
    n.complex = &complex_;
    if (const auto b = blocks_.find(n.in_id(1)); b != blocks_.end()) n.blocks = &b->second;
    if (o.custom_options())
      n.custom_options = {o.custom_options()->data(), o.custom_options()->size()};
    const op_def* own = custom(code);
    const tflite_row* row = find_tflite_row(code.code());
    status s = unusual_operands(code.code(), n.ins(), n.outs());
    if (s) s = own ? convert_custom(n, *own) : row ? row->convert(n) : custom_row(code)->convert(n);
    if (build_.work.exhausted()) s = build_.work.error();  // whatever else was missed then
    if (!s) {
      auto e = s.error();
      e.node = where_;  // as the file names it, not the node that was made of it
      return error_place{.tensor = n.out().name}.attach(std::move(e));
    }
    if (n.options_are_damaged()) return malformed("operator options are damaged");
    if (code.code() == tflite_schema::builtin_code("DENSIFY") &&
        as_size(n.out_id()) < stored_.size())
      stored_[as_size(n.out_id())].constant = true;  // the default interpreter holds it dense
    remember(f, o);
    return unit{};
  }
  /// Results that became constants from the subgraph's own constants are the same in all its runs:
  /// the weights that a loop's body unpacks are unpacked once.
  void remember(const frame& f, const operator_table& o) {
    if (f.depth == 0 || !o.inputs() || !o.outputs()) return;
    auto& fixed = fixed_[f.index];
    for (const std::int32_t t : *o.inputs())
      if (t != no_tensor && fixed[as_size(t)] == no_tensor) return;
    for (const std::int32_t t : *o.outputs()) {
      if (t == no_tensor) continue;
      const tensor_id id = f.values[as_size(t)].tensor;
      if (build_.g[id].role == tensor::kind::constant) fixed[as_size(t)] = id;
    }
  }
  /// All its results are remembered.
  bool is_known(const frame& f, const operator_table& o) const {
    if (f.depth == 0) return false;
    const auto* tensors = f.sub->tensors();
    for (const std::int32_t t : *o.outputs()) {
      if (t == no_tensor) return false;
      const auto& from = *tensors->Get(static_cast<index_type>(t));
      const auto i = as_size(t);
      // A constant of the file is no result: writing it is an error.
      if (fixed_[f.index][i] == no_tensor || has_contents(from)) return false;
    }
    return true;
  }
  bool has_contents(const tflite_schema::tensor_table& t) const {
    const auto* list = model_->buffers();
    if (!list || t.buffer() >= list->size() || !list->Get(t.buffer())) return t.is_variable();
    const auto& b = *list->Get(t.buffer());
    return t.is_variable() || (b.data() && b.data()->size() > 0) || b.offset() > 1;
  }

  // ---- subgraphs ----

  /// The framework forgets what layers keep in a subgraph when the operator that runs it is done.
  status begin_states(const frame& f) {
    for (const value& v : f.values) {
      if (v.tensor == no_tensor || build_.g[v.tensor].role != tensor::kind::state) continue;
      const tensor t = build_.g[v.tensor];
      const std::size_t bytes = bytes_of(t.shape.elements(), t.type).value;
      if (auto s = build_.make_constant(bytes); !s) return s;
      const int zero = t.type == dtype::s8 && !t.zero_points.empty() ? t.zero_points[0] : 0;
      const std::vector<std::byte> nothing(bytes, static_cast<std::byte>(zero));
      tensor none = t;
      none.name = t.name + "/nothing";
      none.role = tensor::kind::constant;
      none.data = constant_data::copy(nothing);
      const tensor_id from = build_.g.add(std::move(none));
      if (auto s = build_.emit(ops::identity, {from}, {v.tensor}); !s) return s;
    }
    return unit{};
  }
  /// Runs a subgraph here: its operators become nodes, `from` its inputs; gives its outputs.
  /// `again`: for the same operator as before.
  status run_subgraph(const frame& caller, std::int64_t index, const std::vector<value>& from,
                      std::vector<value>& to, bool again = false) {
    if (index < 0 || index >= static_cast<std::int64_t>(model_->subgraphs()->size()))
      return malformed("subgraph index", std::to_string(index));
    if (caller.depth >= deepest_subgraph)
      return too_large("subgraphs within subgraphs", {}, std::to_string(deepest_subgraph));
    const std::string here = where_;
    frame f;
    f.depth = caller.depth + 1;
    f.within = " in " + here;
    if (auto s = begin(static_cast<std::uint32_t>(index), f); !s) return s;
    if (inlined_ > most_inlined || build_.g.nodes.size() > build_.max.nodes)
      return too_large(
          "what the subgraphs of a file run", {},
          "2^21 tensors and operators, " + std::to_string(build_.max.nodes) + " nodes");
    const auto* inputs = f.sub->inputs();
    if ((inputs ? inputs->size() : 0) != from.size())
      return malformed("inputs of a subgraph", std::to_string(from.size()),
                       std::to_string(inputs ? inputs->size() : 0));
    build_.enter(here);
    if (!again)
      if (auto s = begin_states(f); !s) return s;
    for (index_type i = 0; i < from.size(); ++i) {
      std::size_t at;
      if (auto s = index_in(f, inputs->Get(i), at); !s) return s;
      if (auto s = pass(from[i], f.values[at]); !s) return s;
    }
    if (auto s = convert_all(f); !s) return s;
    where_ = here;
    build_.enter(here);
    return operands(f, f.sub->outputs(), to);
  }
  /// `to` stands for `from` from here on. The bytes are those of `from`, their meaning is that of
  /// `to`.
  status pass(const value& from, value& to) {
    if (from.variable >= 0 || to.tensor == no_tensor) {
      if (from.variable < 0) return malformed("a value where a variable's handle is expected");
      to = from;
      return unit{};
    }
    if (from.tensor == no_tensor) return malformed("a subgraph's input or output is absent");
    graph& g = build_.g;
    const tensor &x = g[from.tensor], &y = g[to.tensor];
    if (y.role != tensor::kind::value)
      return malformed("a subgraph's input or output is a constant");
    if (x.type == y.type && x.scales == y.scales && x.zero_points == y.zero_points &&
        x.role != tensor::kind::state) {
      to = from;
      return unit{};
    }
    return build_.emit(ops::identity, {from.tensor}, {to.tensor});
  }
  /// The operator's outputs stand for these values. They keep their names in the file.
  status give(frame& f, const operator_table& o, const std::vector<value>& from) {
    const auto* outputs = o.outputs();
    if ((outputs ? outputs->size() : 0) != from.size())
      return malformed("outputs of a subgraph", std::to_string(from.size()),
                       std::to_string(outputs ? outputs->size() : 0));
    for (index_type i = 0; i < from.size(); ++i) {
      std::size_t at;
      if (auto s = index_in(f, outputs->Get(i), at); !s) return s;
      value& to = f.values[at];
      if (from[i].variable >= 0) {
        to = from[i];
        continue;
      }
      if (to.tensor == no_tensor || build_.g[to.tensor].role != tensor::kind::value)
        return malformed("operator writes a constant or nothing");
      if (auto s = build_.emit(ops::identity, {from[i].tensor}, {to.tensor}); !s) return s;
    }
    return unit{};
  }
  /// The bool that a condition is, where it is known; 0 or 1.
  status known_condition(const value& v, bool& known, bool& is) const {
    if (v.tensor == no_tensor) return malformed("a condition is absent");
    const tensor& t = build_.g[v.tensor];
    if (t.type != dtype::boolean || t.shape.elements().value != 1)
      return invalid("condition", std::string(name_of(t.type)) + to_string(t.shape), "one bool");
    known = t.role == tensor::kind::constant;
    is = known && t.data.bytes[0] != std::byte{0};
    return unit{};
  }

  status call_once(frame& f, const operator_table& o) {
    const auto index = tflite_schema::options_reader(o.options(), verifier_)
                           .read<tflite_schema::call_once_options>()
                           .init;
    if (!called_.insert(index).second) return unit{};
    ++initializing_;
    std::vector<value> none;
    auto s = run_subgraph(f, index, {}, none);
    --initializing_;
    return s;
  }
  /// What the next round of a loop begins with. The framework copies results of the body to its
  /// inputs one after another: one that is an input itself is what has been copied there before.
  status next_round(std::int64_t body, const std::vector<value>& results, std::vector<value>& now) {
    const auto& sub = *model_->subgraphs()->Get(static_cast<index_type>(body));
    if (auto s = build_.work.spend(saturating_mul(now.size(), 2 * sizeof(value))); !s) return s;
    std::map<std::int32_t, std::size_t> input_of;
    for (index_type i = 0; i < now.size(); ++i) input_of.try_emplace(sub.inputs()->Get(i), i);
    for (index_type i = 0; i < now.size(); ++i) {
      const auto same = input_of.find(sub.outputs()->Get(i));
      now[i] = same == input_of.end() ? results[i] : now[same->second];
    }
    return unit{};
  }
  /// Rounds whose condition is known when the file is loaded become nodes one after another.
  status run_while(frame& f, const operator_table& o) {
    const auto w =
        tflite_schema::options_reader(o.options(), verifier_).read<tflite_schema::while_options>();
    std::vector<value> now;
    if (auto s = operands(f, o.inputs(), now); !s) return s;
    for (bool again = false;; again = true) {
      std::vector<value> condition, next;
      if (auto s = run_subgraph(f, w.condition, now, condition, again); !s) return s;
      if (condition.size() != 1)
        return malformed("outputs of a loop's condition", std::to_string(condition.size()), "1");
      bool known, is;
      if (auto s = known_condition(condition[0], known, is); !s) return s;
      if (!known)
        return unsupported("a loop whose number of rounds depends on its input", {},
                           "one that is known when the file is loaded");
      if (!is) return give(f, o, now);
      if (auto s = run_subgraph(f, w.body, now, next, again); !s) return s;
      if (next.size() != now.size())
        return malformed("outputs of a loop's body", std::to_string(next.size()),
                         std::to_string(now.size()));
      if (auto s = next_round(w.body, next, now); !s) return s;
    }
  }
  /// One element that adds no axes to what is chosen by it.
  result<tensor_id> without_axes(tensor_id one) {
    if (build_.g[one].shape.rank == 0) return one;
    const tensor_id to =
        build_.temporary(build_.g[one].name + "/one", build_.g[one].type, {}, {}, -1);
    attributes a;
    a.set("shape", std::vector<std::int64_t>{});
    if (auto s = build_.emit(ops::reshape, {one}, {to}, std::move(a)); !s) return s.error();
    return to;
  }
  /// Where the condition is known only when it runs, both branches do, and their results are chosen
  /// from element by element.
  status run_if(frame& f, const operator_table& o) {
    const auto i =
        tflite_schema::options_reader(o.options(), verifier_).read<tflite_schema::if_options>();
    std::vector<value> in, result;
    if (auto s = operands(f, o.inputs(), in); !s) return s;
    if (in.empty()) return malformed("a condition is absent");
    const value condition = in[0];
    in.erase(in.begin());
    bool known, is;
    if (auto s = known_condition(condition, known, is); !s) return s;
    if (known) {
      if (auto s = run_subgraph(f, is ? i.then_branch : i.else_branch, in, result); !s) return s;
      return give(f, o, result);
    }
    std::vector<value> other;
    if (auto s = build_.work.spend(saturating_mul(written_.size(), std::size_t{256})); !s) return s;
    const std::map<std::int32_t, tensor_id> before = written_;
    ++branches_;
    if (auto s = run_subgraph(f, i.then_branch, in, result); !s) return s;
    const auto then = std::exchange(written_, before);
    if (auto s = run_subgraph(f, i.else_branch, in, other); !s) return s;
    const auto otherwise = std::exchange(written_, before);
    --branches_;
    const auto one = without_axes(condition.tensor);
    if (!one) return one.error();
    if (auto s = choose_variables(*one, then, otherwise); !s) return s;
    if (result.size() != other.size()) return malformed("branches of different outputs");
    return choose_values(f, o, *one, result, other);
  }
  status choose_values(frame& f, const operator_table& o, tensor_id condition,
                       const std::vector<value>& a, const std::vector<value>& b) {
    if (!o.outputs() || o.outputs()->size() != a.size())
      return malformed("outputs of a branch", std::to_string(a.size()));
    for (index_type k = 0; k < a.size(); ++k) {
      std::size_t at;
      if (auto s = index_in(f, o.outputs()->Get(k), at); !s) return s;
      const tensor_id to = f.values[at].tensor;
      if (a[k].tensor == no_tensor || b[k].tensor == no_tensor || to == no_tensor)
        return unsupported("a branch that gives a variable's handle");
      const graph& g = build_.g;
      const tensor &x = g[a[k].tensor], &y = g[b[k].tensor];
      if (!(x.shape == y.shape))
        return unsupported("branches whose results have different shapes",
                           to_string(x.shape) + " and " + to_string(y.shape));
      if (x.type != y.type || x.scales != y.scales || x.zero_points != y.zero_points ||
          g[to].scales != x.scales || g[to].zero_points != x.zero_points)
        return unsupported("branches whose results have different types or scales");
      if (auto s = build_.emit(ops::select, {condition, a[k].tensor, b[k].tensor}, {to}); !s)
        return s;
    }
    return unit{};
  }
  /// A tensor like a variable's, with the bytes of `from`.
  result<tensor_id> like_variable(const variable& v, tensor_id from) {
    const tensor t = build_.g[v.state];
    const tensor_id to =
        build_.temporary(t.name + "/value", t.type, t.scales, t.zero_points, t.axis);
    if (auto s = build_.emit(ops::identity, {from}, {to}); !s) return s.error();
    return to;
  }
  /// What a variable holds at this place: its state, or what a branch has written.
  tensor_id now(std::int32_t v) const {
    const auto found = written_.find(v);
    return found == written_.end() ? variables_[as_size(v)].state : found->second;
  }
  status write(std::int32_t v, tensor_id from) {
    if (branches_ == 0) return build_.emit(ops::identity, {from}, {variables_[as_size(v)].state});
    const auto copy = like_variable(variables_[as_size(v)], from);
    if (!copy) return copy.error();
    written_[v] = *copy;
    return unit{};
  }
  /// Variables that one of two branches has written, or both, get the value of the one taken.
  status choose_variables(tensor_id condition, std::map<std::int32_t, tensor_id> a,
                          std::map<std::int32_t, tensor_id> b) {
    std::set<std::int32_t> changed;
    for (const auto* list : {&a, &b})
      for (const auto& [v, written] : *list)
        if (written != now(v)) changed.insert(v);
    for (const std::int32_t v : changed) {
      tensor_id x[2] = {no_tensor, no_tensor};
      for (int k = 0; k < 2; ++k) {
        const auto& list = k == 0 ? a : b;
        const auto found = list.find(v);
        const auto copy =
            like_variable(variables_[as_size(v)], found == list.end() ? now(v) : found->second);
        if (!copy) return copy.error();
        x[k] = *copy;
      }
      const tensor t = build_.g[x[0]];
      const tensor_id chosen =
          build_.temporary(t.name + "/chosen", t.type, t.scales, t.zero_points, t.axis);
      if (auto s = build_.emit(ops::select, {condition, x[0], x[1]}, {chosen}); !s) return s;
      if (auto s = write(v, chosen); !s) return s;
    }
    return unit{};
  }
  /// A composite runs as its decomposition.
  status run_composite(frame& f, const operator_table& o) {
    const auto c = tflite_schema::options_reader(o.options_2(), verifier_)
                       .read<tflite_schema::composite_options>();
    std::vector<value> in, out;
    if (auto s = operands(f, o.inputs(), in); !s) return s;
    where_ += " (" + c.name + ")";
    if (auto s = run_subgraph(f, c.decomposition, in, out); !s) return s;
    return give(f, o, out);
  }

  // ---- variables ----

  status var_handle(frame& f, const operator_table& o) {
    const auto v = tflite_schema::options_reader(o.options(), verifier_)
                       .read<tflite_schema::var_handle_options>();
    if (!o.outputs() || o.outputs()->size() != 1) return malformed("a handle without output");
    std::size_t at;
    if (auto s = index_in(f, o.outputs()->Get(0), at); !s) return s;
    const auto [entry, is_new] = variable_of_.try_emplace(
        {v.container, v.shared_name}, static_cast<std::int32_t>(variables_.size()));
    if (is_new) variables_.push_back({v.shared_name});
    f.values[at] = {no_tensor, entry->second};
    return unit{};
  }
  status variable_at(const frame& f, const operator_table& o, std::int32_t& to) {
    std::vector<value> in;
    if (auto s = operands(f, o.inputs(), in); !s) return s;
    if (in.empty() || in[0].variable < 0) return malformed("a variable's handle is absent");
    to = in[0].variable;
    return unit{};
  }
  status read_variable(frame& f, const operator_table& o) {
    std::int32_t v;
    if (auto s = variable_at(f, o, v); !s) return s;
    std::vector<tensor_id> out;
    if (auto s = ids(f, o.outputs(), out); !s) return s;
    if (out.size() != 1 || out[0] == no_tensor || build_.g[out[0]].role != tensor::kind::value)
      return malformed("operator writes a constant or nothing");
    variable& from = variables_[as_size(v)];
    if (from.state == no_tensor)
      return invalid("variable that is read before anything is assigned to it", from.name);
    from.used |= initializing_ == 0;
    build_.enter(where_);
    return build_.emit(ops::identity, {now(v)}, {out[0]});
  }
  /// The first value gives the variable its type and shape; in a CALL_ONCE it is what a session
  /// begins with.
  status assign_variable(frame& f, const operator_table& o) {
    std::int32_t v;
    if (auto s = variable_at(f, o, v); !s) return s;
    std::vector<value> in;
    if (auto s = operands(f, o.inputs(), in); !s) return s;
    if (in.size() != 2 || in[1].tensor == no_tensor) return malformed("an assignment of nothing");
    graph& g = build_.g;
    variable& to = variables_[as_size(v)];
    const tensor x = g[in[1].tensor];
    if (to.state == no_tensor && initializing_ == 0 && branches_ != 0)
      return unsupported("a variable's first value in a branch that not every call takes", to.name);
    if (to.state == no_tensor) {
      tensor t;
      t.name = to.name;
      t.type = x.type, t.shape = x.shape;
      t.scales = x.scales, t.zero_points = x.zero_points, t.axis = x.axis;
      t.role = tensor::kind::state;
      to.state = g.add(std::move(t));
    }
    tensor& state = g[to.state];
    if (state.type != x.type || !(state.shape == x.shape))
      return unsupported("a variable that changes its type or shape",
                         std::string(name_of(x.type)) + to_string(x.shape),
                         std::string(name_of(state.type)) + to_string(state.shape));
    if (initializing_ != 0) {
      if (x.role != tensor::kind::constant)
        return unsupported("a variable's first value that is computed from the input", to.name);
      if (to.used) return unsupported("CALL_ONCE behind a use of the variable", to.name);
      state.data = x.data;
      return unit{};
    }
    to.used = true;
    build_.enter(where_);
    return write(v, in[1].tensor);
  }

  file_bytes file_;
  const tflite_options& options_;
  graph_builder build_;
  flatbuffers::Verifier verifier_;
  const model_table* model_ = nullptr;
  std::vector<tflite_stored> stored_;          // the file's tensors, by id
  std::vector<std::uint32_t> open_axes_;       // and which of their extents the file leaves open
  std::vector<bool> complex_;                  // and whether they are of complex numbers
  std::map<tensor_id, tflite_blocks> blocks_;  // weights with scales for their blocks
  std::vector<std::vector<tensor_id>> fixed_;  // per subgraph and tensor: the same in every run
  std::map<std::pair<std::string, std::string>, std::int32_t> variable_of_;  // by container, name
  std::vector<variable> variables_;
  std::set<std::int64_t> called_;  // subgraphs of CALL_ONCE
  std::size_t inlined_ = 0;
  int initializing_ = 0;  // within a CALL_ONCE
  int branches_ = 0;      // within branches by a condition that is known when it runs
  std::map<std::int32_t, tensor_id> written_;  // variables, by what such a branch has written
  std::string where_;
};

struct tflite_source {
  file_bytes file;
  tflite_options options;
  std::vector<const op_def*> operators{};  // those of the options, whose list is the caller's

  result<graph> graph_for(const named_shapes& shapes, first_constants& kept) {
    options.shapes = shapes;
    options.operators = operators;
    return tflite_loader(file, options, kept).run();
  }
};
inline result<graph> load_tflite(file_bytes file, const tflite_options& options) {
  const std::string name = file.name;
  return with_memory_errors(name, [&] {
    return load_from(
        tflite_source{
            std::move(file), options, {options.operators.begin(), options.operators.end()}},
        options.shapes);
  });
}

}  // namespace detail

OCTET_INLINE result<graph> try_tflite(const std::string& path, const tflite_options& options) {
  auto f = map_file(path, options.max);
  if (!f) return f.error();
  return detail::load_tflite(std::move(*f), options);
}
OCTET_INLINE result<graph> try_tflite(std::span<const std::byte> bytes, const std::string& name,
                                      const tflite_options& options) {
  return with_memory_errors(name,
                            [&] { return detail::load_tflite(from_memory(name, bytes), options); });
}

OCTET_INLINE std::vector<std::string> tflite_operators() {
  std::vector<std::string> list;
  for (std::size_t code = 0; code < std::size(tflite_schema::builtin_operators); ++code)
    if (why_refused(static_cast<std::int32_t>(code)).empty())
      list.emplace_back(tflite_schema::builtin_operators[code]);
  std::erase(list, "CUSTOM");
  for (const tflite_custom_row& r : tflite_custom_rows) list.emplace_back(r.name);
  std::sort(list.begin(), list.end());
  return list;
}
OCTET_INLINE std::vector<std::pair<std::string, std::string>> tflite_refused_operators() {
  std::vector<std::pair<std::string, std::string>> list;
  for (std::size_t code = 0; code < std::size(tflite_schema::builtin_operators); ++code)
    if (const auto why = why_refused(static_cast<std::int32_t>(code)); !why.empty())
      list.emplace_back(tflite_schema::builtin_operators[code], why);
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_LOADER_HPP_
#endif

#endif  // OCTET_IMPORT_TFLITE_HPP_
#endif  // OCTET_SINGLE_HPP_
