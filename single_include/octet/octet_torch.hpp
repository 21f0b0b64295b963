// octet 0.1.0: octet/import/torch.hpp for the single header, which it includes. Made by single_include/amalgamate.py; do not edit.
// Needs octet.hpp beside it and libzip, where OCTET_EXTERN is not given.
// SPDX-License-Identifier: Apache-2.0
#if !defined(OCTET_SINGLE_FILE)
#define OCTET_SINGLE_FILE "octet.hpp"
#endif
#include OCTET_SINGLE_FILE
#if defined(OCTET_SINGLE_HPP_)
// Loader for TorchScript files (.pt from torch.jit.trace, torch.jit.script, torch.jit.freeze).
// Needs libzip where its definitions are compiled: octet::compiled has them, if libzip was there.
#ifndef OCTET_IMPORT_TORCH_HPP_
#define OCTET_IMPORT_TORCH_HPP_

#include <string>
#include <vector>

// ---- octet/import/torch/options.hpp
// What a caller can ask of the PyTorch loader.
#ifndef OCTET_IMPORT_TORCH_OPTIONS_HPP_
#define OCTET_IMPORT_TORCH_OPTIONS_HPP_

#include <string>
#include <utility>
#include <vector>


OCTET_NAMESPACE_BEGIN
namespace import {

/// The file does not say which engine its numbers should follow, and often not which shape its
/// inputs have.
struct torch_options {
  law arithmetic = law::pytorch_fbgemm;  // or pytorch_qnnpack
  std::vector<std::pair<std::string, dims>>
      shapes;  // of inputs by name, as PyTorch has them (NCHW); "" stands for the inputs in order.
               // Traced files of torch 2 record their example's shapes, others need these
  std::vector<std::pair<std::string, dtype>>
      types{};  // likewise, of inputs whose element type the file does not record; others are taken
                // for float32, or for int64 where they are indices of an embedding
  limits max{};
};

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_OPTIONS_HPP_

OCTET_NAMESPACE_BEGIN
namespace import {

/// Reads a TorchScript file into a graph, which keeps what it needs of the file alive. Errors name
/// file, place in the program, what was found and what is supported.
result<graph> try_torch(const std::string& path, const torch_options& options = {});
/// The same from bytes in memory (copied); `name` stands for the file in messages.
result<graph> try_torch(std::span<const std::byte> bytes, const std::string& name,
                        const torch_options& options = {});
/// What the loader takes, sorted: operators as TorchScript names them: "aten::add".
std::vector<std::string> torch_operators();
#if defined(__cpp_exceptions)
inline graph torch(const std::string& path, const torch_options& options = {}) {
  return value_or_throw(try_torch(path, options));
}
#endif

}  // namespace import
OCTET_NAMESPACE_END

#if OCTET_HAS_IMPORT_DEFINITIONS
// ---- octet/import/torch/loader.hpp
// Definitions of the PyTorch loader. Included by torch.hpp unless the build links octet::compiled.
#ifndef OCTET_IMPORT_TORCH_LOADER_HPP_
#define OCTET_IMPORT_TORCH_LOADER_HPP_

#include <algorithm>

// ---- octet/import/torch/interpret.hpp
// Runs the code of an archive by partial evaluation: numbers, lists, modules and constants are
// computed, operators on tensors become nodes.
#ifndef OCTET_IMPORT_TORCH_INTERPRET_HPP_
#define OCTET_IMPORT_TORCH_INTERPRET_HPP_

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <unordered_map>

// ---- octet/import/torch/emit.hpp
// From operators of the program to nodes of the IR: arguments by schema, layouts, names.
#ifndef OCTET_IMPORT_TORCH_EMIT_HPP_
#define OCTET_IMPORT_TORCH_EMIT_HPP_

#include <algorithm>
#include <set>
#include <unordered_map>

// ---- octet/import/common/layout.hpp
// Changes of layout: frameworks that keep channels in axis 1 (NCHW, NCL) meet octet's operators,
// which want them last (NHWC, NLC).
#ifndef OCTET_IMPORT_COMMON_LAYOUT_HPP_
#define OCTET_IMPORT_COMMON_LAYOUT_HPP_

#include <map>

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
// ---- octet/import/torch/arguments.hpp
// The arguments of one operator of a program, as the rows read them.
#ifndef OCTET_IMPORT_TORCH_ARGUMENTS_HPP_
#define OCTET_IMPORT_TORCH_ARGUMENTS_HPP_

#include <array>
#include <optional>
#include <string_view>
#include <vector>

// ---- octet/import/torch/context.hpp
// What the interpreter and the emitter share: values, constants, the graph under construction, the
// place in the program, all unsupported operators.
#ifndef OCTET_IMPORT_TORCH_CONTEXT_HPP_
#define OCTET_IMPORT_TORCH_CONTEXT_HPP_

#include <optional>

// ---- octet/import/torch/archive.hpp
// A TorchScript archive: members of a ZIP file in memory, read through libzip and checked before
// anything is inflated.
#ifndef OCTET_IMPORT_TORCH_ARCHIVE_HPP_
#define OCTET_IMPORT_TORCH_ARCHIVE_HPP_

#include <zip.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>


OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// An open archive. Refers to the caller's bytes, which must outlive it.
///
/// Sizes come from the central directory: most local headers of these files hold 0. Refused: names
/// that leave the archive, duplicates, encrypted or exotically compressed members, members that
/// overlap (their compressed sizes add up to more than the file), members that inflate to more than
/// `largest_ratio` times their size. libzip checks each member's CRC when it is read to its end.
class archive {
 public:
  static constexpr std::size_t largest_ratio = 200;  // code and pickles of real files stay below 20
  static constexpr std::size_t free_bytes = std::size_t{1}
                                            << 20;  // the ratio is not looked at below this size
  static constexpr std::size_t most_members = std::size_t{1} << 18;

  static result<archive> open(std::span<const std::byte> file, const limits& l) {
    archive a;
    if (auto r = a.open_source(file); !r) return r.error();
    const zip_int64_t count = zip_get_num_entries(a.zip_.get(), 0);
    if (count < 0 || as_size(count) > most_members)
      return too_large("members of the archive", std::to_string(count),
                       std::to_string(most_members));
    std::size_t packed = 0, unpacked = 0;
    for (zip_int64_t i = 0; i < count; ++i) {
      zip_stat_t s;
      if (auto r = a.member_stat(i, s); !r) return r.error();
      packed = saturating_add(packed, s.comp_size);
      unpacked = saturating_add(unpacked, s.size);
      if (packed > file.size())
        return malformed("members are larger than the archive, or overlap", s.name);
      if (auto r = within_limit(&limits::constant_bytes, l, "bytes of all members", unpacked); !r)
        return r.error();
      const std::string name = s.name;
      const member m{static_cast<zip_uint64_t>(i), as_size(s.size), {}};
      if (!a.members_.emplace(name, m).second) return malformed("two members have one name", name);
      if (i == 0) a.top_ = name.substr(0, name.find('/') + 1);  // "" where there is no folder
    }
    return a;
  }

  /// The top folder with its slash: the stem of the name given to save, or "archive/".
  const std::string& top() const noexcept { return top_; }
  /// `name` is relative to the top folder.
  bool has(std::string_view name) const {
    return members_.find(top_ + std::string(name)) != members_.end();
  }
  bool has_folder(std::string_view name) const {
    const std::string full = top_ + std::string(name);
    const auto it = members_.lower_bound(full);
    return it != members_.end() && it->first.starts_with(full);
  }
  /// True where any member's name, with or without the top folder, ends so.
  bool has_any(std::string_view ending) const {
    for (const auto& [name, m] : members_)
      if (name.ends_with(ending)) return true;
    return false;
  }
  /// Members whose names, relative to the top folder, begin and end so.
  std::vector<std::string> members(std::string_view begin, std::string_view end) const {
    std::vector<std::string> found;
    const std::string full = top_ + std::string(begin);
    for (auto it = members_.lower_bound(full); it != members_.end(); ++it) {
      if (!it->first.starts_with(full)) break;
      if (it->first.ends_with(end)) found.push_back(it->first.substr(top_.size()));
    }
    return found;
  }
  std::size_t size_of_member(std::string_view name) const {
    const auto it = members_.find(top_ + std::string(name));
    return it == members_.end() ? 0 : it->second.size;
  }

  /// The member's bytes, inflated and 64-byte aligned; read once and kept.
  result<constant_data> read(std::string_view name) {
    const auto it = members_.find(top_ + std::string(name));
    if (it == members_.end())
      return malformed("the archive has no member " + top_ + std::string(name));
    member& m = it->second;
    if (m.data.owner) return m.data;
    const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> f(
        zip_fopen_index(zip_.get(), m.index, 0), &zip_fclose);
    if (!f) return malformed("member " + it->first, zip_strerror(zip_.get()));
    auto b = std::make_shared<buffer>(Bytes(std::max<std::size_t>(m.size, 1)));
    std::size_t at = 0;
    while (at < m.size) {
      const zip_int64_t n = zip_fread(f.get(), b->data() + at, m.size - at);
      if (n <= 0)
        return malformed("member " + it->first + " is shorter than the archive says, or damaged");
      at += as_size(n);
    }
    char more;  // the end of the member is where its CRC is compared
    if (zip_fread(f.get(), &more, 1) != 0)
      return malformed("member " + it->first +
                       " is longer than the archive says, or its checksum differs");
    const std::span<const std::byte> s{b->data(), m.size};
    m.data = {std::move(b), s};
    return m.data;
  }

 private:
  struct member {
    zip_uint64_t index = 0;
    std::size_t size = 0;
    constant_data data;
  };
  struct close {
    void operator()(zip_t* z) const noexcept { zip_discard(z); }
  };
  status open_source(std::span<const std::byte> file) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_buffer_create(file.data(), file.size(), 0, &error);
    zip_.reset(source ? zip_open_from_source(source, ZIP_RDONLY, &error) : nullptr);
    status s = unit{};
    if (!zip_) {
      s = malformed("not a ZIP archive", zip_error_strerror(&error),
                    "the file that torch.jit.save writes");
      if (source) zip_source_free(source);
    }
    zip_error_fini(&error);
    return s;
  }
  /// What the central directory says of a member, if that can be trusted so far.
  status member_stat(zip_int64_t i, zip_stat_t& s) {
    if (zip_stat_index(zip_.get(), static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW, &s) != 0)
      return malformed("member " + std::to_string(i) + " of the archive", zip_strerror(zip_.get()));
    constexpr zip_uint64_t needed =
        ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    if ((s.valid & needed) != needed)
      return malformed("member " + std::to_string(i) + " of the archive has no name or size");
    const std::string name = s.name;
    if (auto bad = check_name(name); !bad.empty()) return malformed("member name", bad);
    if (s.encryption_method != ZIP_EM_NONE && (s.valid & ZIP_STAT_ENCRYPTION_METHOD))
      return unsupported("encrypted member", name);
    if (s.comp_method != ZIP_CM_STORE && s.comp_method != ZIP_CM_DEFLATE)
      return unsupported("compression method of " + name, std::to_string(s.comp_method),
                         "stored, deflated");
    if (s.comp_method == ZIP_CM_STORE && s.comp_size != s.size)
      return malformed("sizes of the stored member " + name,
                       std::to_string(s.comp_size) + " and " + std::to_string(s.size));
    if (s.size > free_bytes && s.size / largest_ratio > s.comp_size)
      return too_large("member " + name + " inflates suspiciously",
                       std::to_string(s.comp_size) + " to " + std::to_string(s.size) + " bytes",
                       "at most " + std::to_string(largest_ratio) + " times its size");
    return unit{};
  }
  static std::string check_name(const std::string& n) {
    if (n.empty() || n.size() > 1024) return "a name of " + std::to_string(n.size()) + " bytes";
    for (char c : n)
      if (static_cast<unsigned char>(c) < 32 || c == '\\' || c == ':' ||
          static_cast<unsigned char>(c) == 127)
        return "a control character, backslash or colon";
    if (n.front() == '/') return "an absolute path: " + n;
    for (std::size_t at = 0; at < n.size();) {
      const std::size_t end = std::min(n.find('/', at), n.size());
      if (n.compare(at, end - at, "..") == 0) return "a path that leaves the archive: " + n;
      at = end + 1;
    }
    return {};
  }

  std::unique_ptr<zip_t, close> zip_;
  std::map<std::string, member> members_;
  std::string top_;
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ARCHIVE_HPP_
// ---- octet/import/torch/refused.hpp
// Operators of PyTorch that octet refuses for a reason that their names do not tell.
#ifndef OCTET_IMPORT_TORCH_REFUSED_HPP_
#define OCTET_IMPORT_TORCH_REFUSED_HPP_

#include <string_view>


OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

struct torch_refused {
  std::string_view name, why;
};
inline constexpr std::string_view by_count =
    "as many results as the input's data decides; torch.where keeps the shape";
inline constexpr torch_refused refused_torch_operators[] = {
    {"aten::masked_select", by_count}, {"aten::nonzero", by_count},
    {"aten::nonzero_numpy", by_count}, {"aten::argwhere", by_count},
    {"aten::_unique", by_count},       {"aten::_unique2", by_count},
    {"aten::unique_dim", by_count},    {"aten::unique_consecutive", by_count},
};
/// Empty where the name says enough.
constexpr std::string_view why_refused(std::string_view name) noexcept {
  for (const torch_refused& r : refused_torch_operators)
    if (r.name == name) return r.why;
  return {};
}

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_REFUSED_HPP_
// ---- octet/import/torch/value.hpp
// Values of the serialized program: what pickles hold and what its code computes.
#ifndef OCTET_IMPORT_TORCH_VALUE_HPP_
#define OCTET_IMPORT_TORCH_VALUE_HPP_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>


OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// Element types with PyTorch's own codes, as the serialized code spells them.
enum class scalar : std::int8_t {
  u8 = 0,
  s8 = 1,
  s16 = 2,
  s32 = 3,
  s64 = 4,
  f16 = 5,
  f32 = 6,
  f64 = 7,
  boolean = 11,
  qint8 = 12,
  quint8 = 13,
  qint32 = 14,
  bf16 = 15,
  quint4x2 = 16,  // two to a byte: weights of embeddings alone
  unknown = -1
};
constexpr bool is_quantized(scalar s) noexcept {
  return s == scalar::qint8 || s == scalar::quint8 || s == scalar::qint32 || s == scalar::quint4x2;
}
constexpr std::string_view name_of(scalar s) noexcept {
  switch (s) {
    case scalar::u8: return "uint8";
    case scalar::s8: return "int8";
    case scalar::s16: return "int16";
    case scalar::s32: return "int32";
    case scalar::s64: return "int64";
    case scalar::f16: return "float16";
    case scalar::f32: return "float32";
    case scalar::f64: return "float64";
    case scalar::boolean: return "bool";
    case scalar::qint8: return "qint8";
    case scalar::quint8: return "quint8";
    case scalar::qint32: return "qint32";
    case scalar::bf16: return "bfloat16";
    case scalar::quint4x2: return "quint4x2";
    case scalar::unknown: break;
  }
  return "?";
}
/// How octet holds the elements. bfloat16 has no dtype of its own: as uint16 bits.
constexpr dtype dtype_of_scalar(scalar s) noexcept {
  switch (s) {
    case scalar::u8:
    case scalar::quint4x2:
    case scalar::quint8: return dtype::u8;
    case scalar::s8:
    case scalar::qint8: return dtype::s8;
    case scalar::s16: return dtype::s16;
    case scalar::s32:
    case scalar::qint32: return dtype::s32;
    case scalar::s64: return dtype::s64;
    case scalar::f16: return dtype::f16;
    case scalar::f64: return dtype::f64;
    case scalar::boolean: return dtype::boolean;
    case scalar::bf16: return dtype::u16;
    case scalar::f32:
    case scalar::unknown: break;
  }
  return dtype::f32;
}

/// Plain values; unknown: there are none of that type.
constexpr scalar scalar_of_dtype(dtype t) noexcept {
  switch (t) {
    case dtype::u8: return scalar::u8;
    case dtype::s8: return scalar::s8;
    case dtype::s16: return scalar::s16;
    case dtype::s32: return scalar::s32;
    case dtype::s64: return scalar::s64;
    case dtype::f32: return scalar::f32;
    case dtype::f64: return scalar::f64;
    case dtype::boolean: return scalar::boolean;
    case dtype::f16: return scalar::f16;
    case dtype::u16:
    case dtype::u32:
    case dtype::u64: break;
  }
  return scalar::unknown;
}

enum class kind : std::uint8_t {
  none,
  boolean,
  integer,
  real,
  string,
  list,
  tuple,
  dict,
  object,
  storage,
  tensor,
  packed,
  global,
  unknown
};
constexpr std::string_view name_of(kind k) noexcept {
  switch (k) {
    case kind::none: return "None";
    case kind::boolean: return "bool";
    case kind::integer: return "int";
    case kind::real: return "float";
    case kind::string: return "str";
    case kind::list: return "list";
    case kind::tuple: return "tuple";
    case kind::dict: return "dict";
    case kind::object: return "object";
    case kind::storage: return "storage";
    case kind::tensor: return "Tensor";
    case kind::packed: return "packed parameters";
    case kind::global: return "a global name";
    case kind::unknown: return "the result of an unsupported operator";
  }
  return no_enumerator;
}

struct cell;
struct storage_data;
struct tensor_data;
struct packed_data;

/// A small handle. What it points to belongs to a `heap`, so that cyclic structures of hostile
/// files are freed like all others.
struct value {
  kind what = kind::none;
  union {
    std::int64_t i = 0;
    bool b;
    double d;
    cell* c;
    storage_data* s;
    tensor_data* t;
    packed_data* p;
  };
  static value of(bool v) {
    value r;
    r.what = kind::boolean;
    r.b = v;
    return r;
  }
  static value of(std::int64_t v) {
    value r;
    r.what = kind::integer;
    r.i = v;
    return r;
  }
  static value of(double v) {
    value r;
    r.what = kind::real;
    r.d = v;
    return r;
  }
  /// A result nobody knows; the cell, where there is one, says of what.
  static value unknown() {
    value r;
    r.what = kind::unknown;
    r.c = nullptr;
    return r;
  }
  bool is(kind k) const noexcept { return what == k; }
  bool is_sequence() const noexcept { return what == kind::list || what == kind::tuple; }
  bool has_cell() const noexcept {
    return what == kind::string || what == kind::list || what == kind::tuple ||
           what == kind::dict || what == kind::object || what == kind::global;
  }
};

/// Strings, lists, tuples, dicts, objects, global names.
struct cell {
  std::string text;          // string; global: qualified name; object: qualified class name
  std::vector<value> items;  // list, tuple; dict: key, value, key, value; object: its state, if any
  std::map<std::string, value> attrs;  // object
  std::string path;                    // object: attribute names from the root, "features.3.conv.0"
  bool built = false;                  // object: attrs are filled from the state
  std::uint8_t mark = 0;               // of the cycle check
};

/// The bytes behind one or more tensors.
struct storage_data {
  scalar type = scalar::unknown;
  std::int64_t elements = 0;
  std::string member;  // in the archive
};

/// A tensor of the program: a constant of the file, or a value of the graph under construction.
struct tensor_data {
  scalar type = scalar::f32;
  std::vector<std::int64_t> size, stride;  // as PyTorch has them (NCHW), in elements
  std::vector<double> scales;  // empty: not quantized; one: per tensor; else per index along `axis`
  std::vector<std::int32_t> zero_points;
  std::int32_t axis = 0;
  const tensor_data* channel_scales =
      nullptr;  // per channel, as the file has them: float64 [C] and int64 [C]
  const tensor_data* channel_zero_points = nullptr;

  const storage_data* storage = nullptr;  // constants
  std::int64_t offset = 0;  // elements: in the storage, or in the memory that views share

  tensor_id id = no_tensor;     // values of the graph
  bool channels_inner = false;  // the IR holds it with the channel axis (1) moved to the end: NHWC
                                // for NCHW, NLC for NCL

  std::size_t serial = 0;  // how many were made before it
  std::size_t memory = 0;  // views of one number share memory, by offset and strides; 0: its own
  std::size_t writes = 0;  // how many of the memory's writes it shows
  bool view = false;       // of the operand of the operator that made it: no copy
  bool stale = false;      // the file's, and changed in place: other calls would find it changed

  bool constant() const noexcept { return storage != nullptr; }
  int rank() const noexcept { return static_cast<int>(size.size()); }
  std::int64_t elements() const noexcept {
    std::int64_t n = 1;
    for (std::int64_t v : size) n *= v;
    return n;
  }
};

/// Parameters of a convolution, linear operator, embedding or recurrent layer, whatever form the
/// file gave them.
struct packed_data {
  bool linear = false, transposed = false;
  bool embedding = false;     // weight [rows, width] with a scale and a zero point for each row
  bool half = false;          // linear: the weight is rounded to float16
  bool reduce_range = false;  // recurrent: of its dynamic layers
  const packed_data* input = nullptr;  // recurrent: the layers on input and state, both linear
  const packed_data* state = nullptr;
  std::int32_t spatial = 2;  // 1: conv1d (weights have H = 1), 2: conv2d, 3: conv3d
  const tensor_data* weight =
      nullptr;  // linear: [out,in]; conv: [O,I/g,kh,kw]; transposed: [I,O/g,kh,kw]
  const tensor_data* bias = nullptr;  // float, or absent
  std::vector<std::int64_t> stride, padding, dilation, output_padding;
  std::int64_t groups = 1;
  std::string path;
};

/// Owns what values point to. Counts, so that no program or pickle can fill the memory: large
/// networks take a megabyte.
class heap {
 public:
  static constexpr std::size_t most_bytes = std::size_t{1} << 26;

  /// Counts list elements and text too: lists that double in a loop are refused before they fill
  /// the memory.
  bool full() const noexcept { return bytes_ >= most_bytes; }
  /// `n` items of a list, or what takes as much.
  bool room_for(std::size_t n) const noexcept {
    return n < most_bytes / sizeof(value) && bytes_ + n * sizeof(value) < most_bytes;
  }
  /// Memory that belongs to no cell: a stack, a longer list, names made of others.
  void count(std::size_t bytes) noexcept { bytes_ = saturating_add(bytes_, bytes); }
  value make(kind k, std::string text = {}) {
    count(sizeof(cell) + text.size());
    cells_.emplace_back();
    cells_.back().text = std::move(text);
    value v;
    v.what = k;
    v.c = &cells_.back();
    return v;
  }
  value not_computed(std::string of) { return make(kind::unknown, std::move(of)); }
  value string(std::string s) { return make(kind::string, std::move(s)); }
  value list(std::vector<value> items, kind k = kind::list) {
    value v = make(k);
    count(items.size() * sizeof(value));
    v.c->items = std::move(items);
    return v;
  }
  value integers(const std::vector<std::int64_t>& from) {
    std::vector<value> items;
    for (std::int64_t i : from) items.push_back(value::of(i));
    return list(std::move(items));
  }
  value storage(storage_data s) {
    count(sizeof s + s.member.size());
    storages_.push_back(std::move(s));
    value v;
    v.what = kind::storage;
    v.s = &storages_.back();
    return v;
  }
  value tensor(tensor_data t) {
    count(sizeof t + (t.size.size() + t.stride.size() + t.scales.size()) * sizeof(double) +
          t.zero_points.size() * sizeof(std::int32_t));
    t.serial = tensors_.size();
    tensors_.push_back(std::move(t));
    value v;
    v.what = kind::tensor;
    v.t = &tensors_.back();
    return v;
  }
  /// How many tensors were made.
  std::size_t tensors() const noexcept { return tensors_.size(); }
  value packed(packed_data p) {
    count(sizeof p);
    packed_.push_back(std::move(p));
    value v;
    v.what = kind::packed;
    v.p = &packed_.back();
    return v;
  }

 private:
  std::deque<cell> cells_;
  std::deque<storage_data> storages_;
  std::deque<tensor_data> tensors_;
  std::deque<packed_data> packed_;
  std::size_t bytes_ = 0;
};

/// Arguments given by name.
using keyword_arguments = std::vector<std::pair<std::string, value>>;

/// Last component of a qualified name.
inline std::string_view last_name(std::string_view qualified) {
  const std::size_t dot = qualified.rfind('.');
  return dot == std::string_view::npos ? qualified : qualified.substr(dot + 1);
}

/// Reads a list or tuple of integers; false where it is not one.
inline bool read_integers(const value& v, std::vector<std::int64_t>& to) {
  to.clear();
  if (!v.is_sequence()) return false;
  for (const value& e : v.c->items) {
    if (!e.is(kind::integer)) return false;
    to.push_back(e.i);
  }
  return true;
}

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_VALUE_HPP_

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

class context {
 public:
  context(std::string file_name, law arithmetic, const limits& l, std::size_t file_bytes = 0)
      : build(std::move(file_name), arithmetic, l, file_bytes) {}

  heap values;
  archive* files = nullptr;  // null: constants have no bytes (fuzzing)
  graph_builder build;
  missing_operators missing;
  /// Octet's own: a row asked for a parameter that its schema does not have. The emitter refuses
  /// the file, whatever the row has made of None.
  std::optional<error_info> mistake;
  std::string file,
      module;  // where the program is: "code/__torch__/m.py line 7", path of the running module
  std::int32_t line = 0;

  std::string place() const {
    std::string s = module.empty() ? std::string() : "module " + module + ", ";
    return s + file + (line > 0 ? " line " + std::to_string(line) : "");
  }
  /// The program goes on with a value nobody knows, so that one error names all that are missing.
  value missing_operator(const std::string& name) {
    const std::string_view why = why_refused(name);
    missing.add(name, place() + (why.empty() ? "" : ": ") + std::string(why));
    return value::unknown();
  }

  // ---- constants ----

  /// The elements of a constant, in row-major order of the axes `order` (all of them, outermost
  /// first). Strides are honoured; where they already have that order the archive's bytes are
  /// shared, not copied.
  result<constant_data> elements(const tensor_data& t, std::span<const int> order) {
    if (!t.constant()) return invalid("a tensor that must be a constant is computed");
    if (!files) return error_info{errc::io, "no archive", {}, {}, {}, {}, {}};
    auto read = files->read(t.storage->member);
    if (!read) return read;
    const std::size_t width = size_of(dtype_of_scalar(t.type)),
                      bytes = as_size(t.elements()) * width, offset = as_size(t.offset) * width;
    if (in_order(t, order) && offset % alignment == 0 && read->bytes.size() >= offset + bytes)
      return constant_data{read->owner, read->bytes.subspan(offset, bytes)};
    if (auto s = build.make_constant(bytes); !s) return s.error();
    return gathered(t, order, read->bytes, width);
  }
  result<constant_data> elements(const tensor_data& t) {
    int order[dims::max_rank];
    for (int i = 0; i < t.rank(); ++i) order[i] = i;
    return elements(t, std::span<const int>(order, t.size.size()));
  }
  /// Elements of a small constant of type T.
  template <class T> result<std::vector<T>> numbers(const tensor_data& t) {
    const dtype held = dtype_of_scalar(t.type);
    if (dtype_of<T> != (held == dtype::boolean ? dtype::u8 : held))
      return invalid("element type of a constant", std::string(name_of(t.type)),
                     std::string(octet::name_of(dtype_of<T>)));
    auto d = t.constant() || !known(t) ? elements(t) : result<constant_data>(build.g[t.id].data);
    if (!d) return d.error();
    std::vector<T> v(d->bytes.size() / sizeof(T));
    if (!v.empty()) std::memcpy(v.data(), d->bytes.data(), v.size() * sizeof(T));
    return v;
  }
  /// Known when the file is loaded: a constant of the file, or of the graph (a result of
  /// constants).
  bool known(const tensor_data& t) const {
    return t.constant() || (t.id != no_tensor && build.g[t.id].role == tensor::kind::constant);
  }
  /// The one element of a constant as a number.
  result<value> scalar_of(const tensor_data& t) {
    if (!known(t) || t.elements() != 1)
      return invalid("a number is taken from a tensor that is not a constant of one element");
    switch (t.type) {
      case scalar::f32: return only_number<float, double>(t);
      case scalar::f64: return only_number<double, double>(t);
      case scalar::s64: return only_number<std::int64_t, std::int64_t>(t);
      case scalar::s32: return only_number<std::int32_t, std::int64_t>(t);
      case scalar::s16: return only_number<std::int16_t, std::int64_t>(t);
      case scalar::u8: return only_number<std::uint8_t, std::int64_t>(t);
      case scalar::s8: return only_number<std::int8_t, std::int64_t>(t);
      case scalar::boolean: return only_number<bool, std::int64_t>(t);
      case scalar::f16:
      case scalar::quint4x2:
      case scalar::qint8:
      case scalar::quint8:
      case scalar::qint32:
      case scalar::bf16:
      case scalar::unknown: break;
    }
    return unsupported("a number from a constant of this type", std::string(name_of(t.type)));
  }
  /// Scales and zero points per channel become plain vectors, once.
  status resolve_channels(tensor_data& t) {
    if (!t.channel_scales || !t.scales.empty()) return unit{};
    auto scales = numbers<double>(*t.channel_scales);
    if (!scales) return scales.error();
    const auto zero_points = numbers<std::int64_t>(*t.channel_zero_points);
    if (!zero_points) return zero_points.error();
    t.scales = std::move(*scales);
    for (std::int64_t v : *zero_points) {
      if (v < INT32_MIN || v > INT32_MAX) return invalid("zero point", std::to_string(v));
      t.zero_points.push_back(static_cast<std::int32_t>(v));
    }
    return unit{};
  }

 private:
  template <class T, class Number> result<value> only_number(const tensor_data& t) {
    const auto v = numbers<std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, T>>(t);
    if (!v) return v.error();
    return value::of(static_cast<Number>(v->front()));
  }
  static bool in_order(const tensor_data& t, std::span<const int> order) {
    std::int64_t expected = 1;
    for (std::size_t k = order.size(); k-- > 0;) {
      const auto axis = as_size(order[k]);
      if (t.size[axis] != 1 && t.stride[axis] != expected) return false;
      expected *= t.size[axis];
    }
    return true;
  }
  /// A copy, element by element. The unpickler has checked that every element lies within the
  /// storage, and the storage within the member.
  static constant_data gathered(const tensor_data& t, std::span<const int> order,
                                std::span<const std::byte> storage, std::size_t width) {
    const auto count = as_size(t.elements());
    auto to = std::make_shared<buffer>(Bytes(std::max<std::size_t>(count * width, 1)));
    std::vector<std::int64_t> at(order.size(), 0);
    std::int64_t from = t.offset;
    for (std::size_t i = 0; i < count; ++i) {
      std::memcpy(to->data() + i * width, storage.data() + as_size(from) * width, width);
      for (std::size_t k = order.size(); k-- > 0;) {
        const auto axis = as_size(order[k]);
        from += t.stride[axis];
        if (++at[k] < t.size[axis]) break;
        from -= t.stride[axis] * t.size[axis];
        at[k] = 0;
      }
    }
    const std::span<const std::byte> s{to->data(), count * width};
    return {std::move(to), s};
  }
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_CONTEXT_HPP_

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// By the names of the schema's parameters, defaults filled in. Where an argument is of another
/// kind than the reader asked for, the reader gives a neutral value (tensors: null), and `check()`
/// then tells of the first such argument: a row reads all it needs, checks once, and goes on.
class arguments {
 public:
  /// A parameter and what is given for it. The name outlives the arguments.
  struct argument {
    std::string_view parameter;
    value given{};
  };
  arguments(context& c, std::string operator_name, std::vector<argument> all)
      : name(std::move(operator_name)), all_(std::move(all)), context_(c) {}

  const std::string name;  // "quantized::conv2d"

  /// The first parameter's name. Schemas call their first operand self, input, x, qx or X; rows of
  /// several schemas read it by this.
  std::string_view first() const { return all_.empty() ? std::string_view() : all_[0].parameter; }
  bool has(std::string_view parameter) const { return place_of(parameter) < all_.size(); }
  /// None of a parameter that there is not: `context::mistake` is set, and the file refused.
  value operator[](std::string_view parameter) {
    const std::size_t i = known_place_of(parameter);
    return i < all_.size() ? all_[i].given : value{};
  }
  void replace(std::string_view parameter, const value& by) {
    const std::size_t i = known_place_of(parameter);
    if (i < all_.size()) all_[i].given = by;
  }
  status check() const {
    if (error_) return *error_;
    return unit{};
  }

  bool none(std::string_view parameter) { return (*this)[parameter].is(kind::none); }
  tensor_data* tensor(std::string_view parameter) {
    const value v = (*this)[parameter];
    if (v.is(kind::tensor)) return v.t;
    wrong(parameter, "Tensor");
    return nullptr;
  }
  std::int64_t integer(std::string_view parameter) {
    const value n = number_of((*this)[parameter]);
    if (n.is(kind::integer)) return n.i;
    wrong(parameter, "int");
    return 0;
  }
  double real(std::string_view parameter) { return real_of((*this)[parameter], parameter); }
  double real_or(std::string_view parameter, double otherwise) {
    return none(parameter) ? otherwise : real(parameter);
  }
  bool boolean(std::string_view parameter) {
    const value v = (*this)[parameter];
    if (v.is(kind::boolean)) return v.b;
    if (v.is(kind::integer)) return v.i != 0;
    wrong(parameter, "bool");
    return false;
  }
  std::vector<std::int64_t> integers(std::string_view parameter) {
    const value v = (*this)[parameter];
    std::vector<std::int64_t> r;
    if (v.is(kind::integer))
      r.push_back(v.i);
    else if (!read_integers(v, r))
      wrong(parameter, "list of int");
    return r;
  }
  /// A list of two numbers for height and width; one number stands for both; none: `otherwise`.
  std::array<std::int32_t, 2> pair(std::string_view parameter,
                                   std::array<std::int32_t, 2> otherwise) {
    const auto list = integers(parameter);
    if (list.empty()) return otherwise;
    if (list.size() > 2) wrong(parameter, "list of two int");
    return {small(parameter, list[0]), small(parameter, list.back())};
  }
  /// Two numbers, each for its parameter or both as a list for the first, or none of both; 0 stands
  /// for none.
  std::array<double, 2> real_pair(std::string_view parameter, std::string_view second) {
    const value v = (*this)[parameter];
    std::array<double, 2> numbers{0, 0};
    if (!v.is_sequence()) {
      numbers = {real_or(parameter, 0), real_or(second, 0)};
    } else if (v.c->items.size() == 2) {
      for (std::size_t k = 0; k < 2; ++k) numbers[k] = real_of(v.c->items[k], parameter);
    }
    return numbers;
  }
  /// A number that arithmetic on extents cannot overflow.
  std::int32_t small(std::string_view parameter, std::int64_t n) {
    if (n >= INT32_MIN / 4 && n <= INT32_MAX / 4) return static_cast<std::int32_t>(n);
    keep(invalid(describe(parameter), std::to_string(n), "a small integer"));
    return 0;
  }
  /// An axis of a tensor of that rank; negative ones count from the end.
  std::size_t axis(std::int64_t given, int rank) {
    const std::int64_t at = given < 0 ? given + rank : given;
    if (at >= 0 && at < rank) return as_size(at);
    keep(invalid("axis of " + name, std::to_string(given), std::to_string(rank) + " axes"));
    return 0;
  }
  void wrong(std::string_view parameter, std::string_view want) {
    keep(unsupported(describe(parameter), std::string(name_of((*this)[parameter].what)),
                     std::string(want)));
  }

 private:
  /// Where the parameter is; as many as there are where it is none of them.
  std::size_t place_of(std::string_view parameter) const {
    std::size_t i = 0;
    while (i < all_.size() && all_[i].parameter != parameter) ++i;
    return i;
  }
  std::size_t known_place_of(std::string_view parameter) {
    const std::size_t i = place_of(parameter);
    if (i < all_.size()) return i;
    const error_info e = invalid(std::string(parameter) + " is no parameter of " + name);
    if (!context_.mistake) context_.mistake = e;
    keep(e);
    return i;
  }
  std::string describe(std::string_view parameter) const {
    return "argument " + std::string(parameter) + " of " + name;
  }
  void keep(error_info e) {
    if (!error_) error_ = std::move(e);
  }
  /// Traced programs keep numbers as constants without axes, or compute them from such.
  value number_of(const value& given) {
    if (!given.is(kind::tensor) || !context_.known(*given.t)) return given;
    auto n = context_.scalar_of(*given.t);
    if (n) return *n;
    keep(n.error());
    return given;
  }
  double real_of(const value& given, std::string_view parameter) {
    const value n = number_of(given);
    if (n.is(kind::real)) return n.d;
    if (n.is(kind::integer)) return static_cast<double>(n.i);
    wrong(parameter, "float");
    return 0;
  }

  std::vector<argument> all_;
  context& context_;
  std::optional<error_info> error_;
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ARGUMENTS_HPP_
// ---- octet/import/torch/memory_format.hpp
// Memory formats as PyTorch keeps them in strides. Some of its kernels round differently for
// channels-last tensors, so every value carries the strides PyTorch would give it.
#ifndef OCTET_IMPORT_TORCH_MEMORY_FORMAT_HPP_
#define OCTET_IMPORT_TORCH_MEMORY_FORMAT_HPP_

#include <algorithm>
#include <optional>


OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

inline std::vector<std::int64_t> contiguous_strides(const std::vector<std::int64_t>& size) {
  std::vector<std::int64_t> s(size.size());
  std::int64_t step = 1;
  for (std::size_t i = size.size(); i-- > 0;) {
    s[i] = step;
    step *= std::max<std::int64_t>(size[i], 1);
  }
  return s;
}
/// Images and volumes: the ranks that have a format with their channels last.
constexpr bool has_channels_last(std::size_t rank) noexcept { return rank == 4 || rank == 5; }
/// N, H, W, C from outside in, of volumes N, D, H, W, C; other ranks: contiguous.
inline std::vector<std::int64_t> channels_last_strides(const std::vector<std::int64_t>& size) {
  if (!has_channels_last(size.size())) return contiguous_strides(size);
  std::vector<std::int64_t> s(size.size(), 1);
  std::int64_t step = std::max<std::int64_t>(size[1], 1);
  for (std::size_t i = size.size(); i-- > 0;) {
    if (i == 1) continue;
    s[i] = step;
    step *= std::max<std::int64_t>(size[i], 1);
  }
  return s;
}
/// Every step is what the format says; axes of extent 1 do not count. 1x1 images and single
/// channels are both formats at once.
inline bool is_contiguous(const tensor_data& t, bool channels_last) {
  if (channels_last && !has_channels_last(t.size.size())) return false;
  const auto want = channels_last ? channels_last_strides(t.size) : contiguous_strides(t.size);
  for (std::size_t i = 0; i < want.size(); ++i)
    if (t.size[i] != 1 && t.stride[i] != want[i]) return false;
  return true;
}
/// The format PyTorch gives to results "like" this one: channels last only where the strides say so
/// without doubt.
inline bool suggests_channels_last(const tensor_data& t) {
  if (!has_channels_last(t.size.size()) || t.stride[1] == 0) return false;
  std::int64_t least = 0;
  for (std::size_t k = 0; k < t.size.size(); ++k) {  // from inside out: channels, then W, H, .. N
    const std::size_t d = k == 0 ? 1 : k + 1 == t.size.size() ? 0 : t.size.size() - k;
    if (t.size[d] == 0 || t.stride[d] < least) return false;
    if (d == 0 && least == t.stride[1]) return false;  // N111: ambiguous, taken as contiguous
    least = t.size[d] > 1 ? t.stride[d] * t.size[d] : t.stride[d];
  }
  return true;
}
/// Axis 1 innermost in memory, the others in order: what a convolution gives, flattened, or a
/// transposed sequence. Of any rank, where `suggests_channels_last` speaks of images.
inline bool lies_channels_inner(const tensor_data& t) {
  if (t.rank() < 3 || t.size[1] < 2) return false;
  std::int64_t step = t.size[1];
  bool others = false;
  for (std::size_t i = t.size.size(); i-- > 0;) {
    if (t.size[i] == 1) continue;
    others |= i > 1;
    if (t.stride[i] != (i == 1 ? 1 : step)) return false;
    if (i != 1) step *= std::max<std::int64_t>(t.size[i], 1);
  }
  return others;
}
/// Steps in elements along every axis of a tensor.
using memory_steps = std::vector<std::int64_t>;
/// Those of an operand along the axes of a result of these extents: 0 where it is repeated.
inline memory_steps steps_in(const tensor_data& t, const std::vector<std::int64_t>& size) {
  memory_steps s(size.size());
  const std::size_t first = size.size() - t.size.size();
  for (std::size_t i = 0; i < t.size.size(); ++i)
    s[first + i] = t.size[i] == 1 && size[first + i] != 1 ? 0 : t.stride[i];
  return s;
}
/// PyTorch's loops run along the axis of the smallest steps: -1: a is further inside than b, 1: b
/// is, 0: the steps do not say. The result's steps, if it has any yet, decide before the operands'.
inline int inner_of(const std::vector<std::int64_t>& size, const std::vector<memory_steps>& all,
                    std::size_t a, std::size_t b) {
  for (const memory_steps& s : all) {
    if (s.empty() || s[a] == 0 || s[b] == 0) continue;
    if (s[a] != s[b]) return s[a] < s[b] ? -1 : 1;
    if (size[a] > size[b]) return 1;
  }
  return 0;
}
/// All axes, the innermost first: PyTorch's insertion sort, as axes that say nothing keep their
/// places.
inline std::vector<std::size_t> axes_inside_out(const std::vector<std::int64_t>& size,
                                                const std::vector<memory_steps>& all) {
  std::vector<std::size_t> order;
  for (std::size_t i = size.size(); i-- > 0;) order.push_back(i);
  for (std::size_t i = 1; i < order.size(); ++i)
    for (std::size_t at = i, before = i; before-- > 0;) {
      const int inner = inner_of(size, all, order[before], order[at]);
      if (inner < 0) break;
      if (inner == 0) continue;
      std::swap(order[before], order[at]);
      at = before;
    }
  return order;
}
/// The strides PyTorch's iterator gives a new result of that size: axes in the order of the first
/// operand that tells them apart, without gaps. A stride of 0 tells nothing.
inline memory_steps iterated_strides(const std::vector<std::int64_t>& size,
                                     const std::vector<memory_steps>& operands) {
  memory_steps stride(size.size());
  std::int64_t step = 1;
  for (const std::size_t axis : axes_inside_out(size, operands)) {
    stride[axis] = step;
    step *= std::max<std::int64_t>(size[axis], 1);
  }
  return stride;
}
/// Elements that PyTorch's loop takes in one go and in vectors; 0: it takes none in vectors, which
/// wants steps of 1, or one repeated operand. `all`: steps of the result (empty where the loop
/// itself allocates it) and of the operands.
inline std::int64_t vector_row(const std::vector<std::int64_t>& size,
                               std::vector<memory_steps> all) {
  if (size.empty()) return 0;
  const auto order = axes_inside_out(size, all);
  if (all[0].empty()) all[0] = iterated_strides(size, all);
  std::size_t inner = order[0];
  std::int64_t row = size[inner];
  for (std::size_t i = 1; i < order.size(); ++i) {
    const std::size_t axis = order[i];
    const auto joins = [&](const memory_steps& s) {
      return static_cast<std::uint64_t>(row) * static_cast<std::uint64_t>(s[inner]) ==
             static_cast<std::uint64_t>(s[axis]);  // files may hold any step
    };
    if (row != 1 && size[axis] != 1 && !std::all_of(all.begin(), all.end(), joins)) break;
    if (row == 1) inner = axis;
    row *= size[axis];
  }
  int repeated = 0;
  for (std::size_t k = 0; k < all.size(); ++k) {
    if (all[k][inner] == 1) continue;
    if (k == 0 || all[k][inner] != 0 || ++repeated > 1) return 0;
  }
  return row;
}
/// The strides of `x` seen with other extents, as PyTorch computes them: runs of axes that lie one
/// after another in memory are split and joined, from the innermost out. Nothing where it has to
/// copy.
inline std::optional<std::vector<std::int64_t>> view_strides(
    const tensor_data& x, const std::vector<std::int64_t>& size) {
  if (x.elements() == 0 || x.size.empty()) return {};
  // Strides of axes of extent 1 may be any number in a file: products wrap.
  const auto times = [](std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  };
  std::vector<std::int64_t> stride(size.size());
  std::size_t at = size.size();  // axes of the view before it have no stride yet
  std::int64_t step = x.stride.back(), run = 1, seen = 1;
  for (std::size_t axis = x.size.size(); axis-- > 0;) {
    run *= x.size[axis];
    if (axis > 0 && (x.size[axis - 1] == 1 || x.stride[axis - 1] == times(run, step))) continue;
    for (; at > 0 && (seen < run || size[at - 1] == 1); --at) {
      stride[at - 1] = times(seen, step);
      seen *= size[at - 1];
    }
    if (seen != run) return {};
    if (axis > 0) step = x.stride[axis - 1], run = seen = 1;
  }
  if (at != 0) return {};
  return stride;
}
constexpr memory_format format_of(bool channels_last) noexcept {
  return channels_last ? memory_format::channels_last : memory_format::contiguous;
}

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_MEMORY_FORMAT_HPP_
// ---- octet/import/torch/parser.hpp
// The code of TorchScript archives, parsed to a tree.
#ifndef OCTET_IMPORT_TORCH_PARSER_HPP_
#define OCTET_IMPORT_TORCH_PARSER_HPP_

#include <algorithm>
#include <charconv>
#include <span>

// ---- octet/import/torch/code.hpp
// The code of TorchScript archives, a subset of Python, as a tree. parser.hpp makes it.
#ifndef OCTET_IMPORT_TORCH_CODE_HPP_
#define OCTET_IMPORT_TORCH_CODE_HPP_

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>


OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// An expression. Belongs to a `code_file`.
struct expression {
  enum class form : std::uint8_t {
    name,
    none,
    boolean,
    integer,
    real,
    string,
    attribute,
    subscript,
    call,
    list,
    tuple,
    dict,
    negative
  } what = form::none;
  std::int32_t line = 0;
  std::size_t depth = 1;
  bool flag = false;
  std::int64_t i = 0;
  double d = 0;
  std::string text;                      // name, attribute, string
  std::vector<const expression*> items;  // attribute, negative: base; subscript: base, index; call:
                                         // function, arguments; list, tuple: elements; dict: key,
                                         // value, key, value
  std::vector<std::string> keywords;     // call: name per argument, empty for positional ones
};

/// A statement. Compound ones hold their bodies.
struct statement {
  enum class form : std::uint8_t {
    pass,
    evaluate,
    assign,
    give_back,
    branch,
    loop,
    repeat,
    inside,
    define
  } what = form::pass;
  std::int32_t line = 0;
  std::vector<const expression*>
      targets;                        // assign: one, or several for unpacking; loop: the variable
  bool unpack = false;                // `a, b, = f()`; also `a, = f()`
  const expression* value = nullptr;  // assign, evaluate, give_back; branch, repeat: the condition;
                                      // loop: what is iterated over; inside: what `with` names;
                                      // define: the name of what runs beside the rest (fork)
  std::vector<const statement*> body, otherwise;
};

struct function_def {
  struct parameter {
    std::string name;
    const expression* type = nullptr;       // as annotated; null where it is not
    const expression* otherwise = nullptr;  // default value
  };
  std::string name, file;
  std::int32_t line = 0;
  std::vector<parameter> parameters;
  std::vector<const statement*> body;
};

struct class_def {
  std::string name;
  std::map<std::string, const function_def*, std::less<>> methods;
  std::map<std::string, const expression*, std::less<>> constants;  // `stride : Final[int] = 2`
  bool named_tuple = false;
  std::vector<std::string> fields;  // of a named tuple
};

/// One parsed file.
struct code_file {
  std::map<std::string, class_def, std::less<>> classes;
  std::map<std::string, const function_def*, std::less<>> functions;
  std::deque<expression> expressions;
  std::deque<statement> statements;
  std::deque<function_def> defs;
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_CODE_HPP_
// ---- octet/import/torch/lexer.hpp
// Tokens of the code of TorchScript archives.
#ifndef OCTET_IMPORT_TORCH_LEXER_HPP_
#define OCTET_IMPORT_TORCH_LEXER_HPP_

#include <charconv>
#include <string>
#include <string_view>
#include <vector>


OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

enum class token : std::uint8_t { word, number, string, symbol, newline, indent, dedent, end };
struct lexeme {
  token what;
  std::int32_t line;
  std::string_view text;  // refers to the code
  std::string decoded{};  // of strings

  /// For messages. Printable ASCII only: the text is somebody else's.
  std::string describe() const {
    switch (what) {
      case token::newline: return "end of line";
      case token::indent: return "an indented block";
      case token::dedent: return "end of a block";
      case token::end: return "end of file";
      case token::word:
      case token::number:
      case token::string:
      case token::symbol: break;
    }
    std::string s;
    for (char c : text.substr(0, 40)) s += c >= 32 && c < 127 ? c : '?';
    return "'" + s + "'";
  }
};

inline error_info outside_the_subset(const std::string& file, std::int32_t line, std::string what,
                                     std::string found = {}) {
  return {errc::unsupported,
          "code outside the subset: " + std::move(what),
          {},
          file + " line " + std::to_string(line),
          {},
          std::move(found),
          {}};
}

/// Splits code into tokens, with one `indent` or `dedent` where a block opens or closes. The last
/// token is `end`.
class lexer {
 public:
  /// Blocks may be nested that deep.
  static constexpr std::size_t deepest = 200;
  /// Names are copied, compared and joined at every use.
  static constexpr std::size_t longest_word = 1024;

  lexer(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  result<std::vector<lexeme>> run() {
    while (at_ < text_.size()) {
      if (fresh_ && brackets_ == 0) {
        const auto has_code = line_start();
        if (!has_code) return has_code.error();
        if (!*has_code) continue;
      }
      if (auto s = next(); !s) return s.error();
    }
    if (brackets_ != 0) return error("unbalanced bracket", "end of file");
    if (!fresh_) add(token::newline, {});
    for (std::size_t k = 1; k < indents_.size(); ++k) add(token::dedent, {});
    add(token::end, {});
    return std::move(tokens_);
  }

 private:
  static bool letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }
  static bool digit(char c) { return c >= '0' && c <= '9'; }
  error_info error(std::string what, std::string found = {}) const {
    return outside_the_subset(file_, line_, std::move(what), std::move(found));
  }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void add(token t, std::string_view text) { tokens_.push_back({t, line_, text}); }
  void skip_comment() {
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
  }

  /// Indentation. False: nothing but a comment was on the line.
  result<bool> line_start() {
    std::size_t spaces = 0;
    while (at_ < text_.size() && text_[at_] == ' ') ++at_, ++spaces;
    if (at_ == text_.size()) return false;
    if (peek() == '\n' || peek() == '\r' || peek() == '#') {
      skip_comment();
      if (at_ < text_.size()) ++at_, ++line_;
      return false;
    }
    if (spaces > indents_.back()) {
      if (indents_.size() > deepest) return error("blocks nested too deeply");
      indents_.push_back(spaces);
      add(token::indent, {});
    }
    while (spaces < indents_.back()) {
      indents_.pop_back();
      add(token::dedent, {});
    }
    if (spaces != indents_.back()) return error("indentation");
    fresh_ = false;
    return true;
  }
  status next() {
    const char c = peek();
    if (c == '\n') {
      ++at_;
      if (brackets_ == 0) {
        add(token::newline, {});
        fresh_ = true;
      }
      ++line_;
    } else if (c == ' ' || c == '\r') {
      ++at_;
    } else if (c == '#') {
      skip_comment();
    } else if (letter(c)) {
      return word();
    } else if (digit(c) || (c == '.' && digit(peek(1)))) {
      number();
    } else if (c == '"' || c == '\'') {
      return string_literal();
    } else {
      return symbol();
    }
    return unit{};
  }
  status word() {
    const std::size_t from = at_;
    while (letter(peek()) || digit(peek())) ++at_;
    if (at_ - from > longest_word)
      return error("a name of " + std::to_string(at_ - from) + " bytes");
    add(token::word, text_.substr(from, at_ - from));
    return unit{};
  }
  void number() {
    const std::size_t from = at_;
    const auto sign_of_exponent = [&] {
      return (peek() == '-' || peek() == '+') && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E');
    };
    while (digit(peek()) || peek() == '.' || letter(peek()) || sign_of_exponent()) ++at_;
    add(token::number, text_.substr(from, at_ - from));
  }
  status symbol() {
    const char c = peek();
    if (c == '-' && peek(1) == '>') {
      add(token::symbol, text_.substr(at_, 2));
      at_ += 2;
      return unit{};
    }
    if (std::string_view("()[]{},.:=-").find(c) == std::string_view::npos)
      return error("character", c >= 32 && c < 127 ? std::string(1, c)
                                                   : std::to_string(static_cast<unsigned char>(c)));
    if (c == '(' || c == '[' || c == '{') ++brackets_;
    if ((c == ')' || c == ']' || c == '}') && --brackets_ < 0) return error("unbalanced bracket");
    add(token::symbol, text_.substr(at_++, 1));
    return unit{};
  }
  status string_literal() {
    const std::size_t from = at_;
    const char quote = text_[at_++];
    std::string decoded;
    while (at_ < text_.size() && text_[at_] != quote) {
      const char c = text_[at_++];
      if (c == '\n') return error("a string that does not end on its line");
      if (c != '\\' || at_ == text_.size()) {
        decoded += c;
      } else if (!escape(decoded)) {
        return error("escape in a string");
      }
    }
    if (at_ == text_.size()) return error("a string that does not end");
    ++at_;
    add(token::string, text_.substr(from, at_ - from));
    tokens_.back().decoded = std::move(decoded);
    return unit{};
  }
  /// What follows a backslash. Unknown escapes stay as they are, as in Python.
  bool escape(std::string& to) {
    const char c = text_[at_++];
    switch (c) {
      case 'n': to += '\n'; return true;
      case 't': to += '\t'; return true;
      case 'r': to += '\r'; return true;
      case '\\':
      case '"':
      case '\'': to += c; return true;
      case 'x': {
        unsigned v = 0;
        const char* digits = text_.data() + at_;
        if (text_.size() - at_ < 2 || std::from_chars(digits, digits + 2, v, 16).ptr != digits + 2)
          return false;
        at_ += 2;
        to += static_cast<char>(v);
        return true;
      }
      default: to += '\\', to += c; return true;
    }
  }

  std::string_view text_;
  const std::string& file_;
  std::vector<lexeme> tokens_;
  std::vector<std::size_t> indents_{0};
  std::size_t at_ = 0;
  std::int32_t line_ = 1;
  int brackets_ = 0;
  bool fresh_ = true;  // at the start of a logical line
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_LEXER_HPP_

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// Recursive descent over tokens. Anything outside the subset is an error that names the line and
/// the token.
///
/// Nesting of expressions and blocks is limited, so that neither parsing nor running can exhaust
/// the stack.
class code_parser {
 public:
  code_parser(std::string_view text, std::string file, code_file& to, const limits& max = {})
      : text_(text), file_(std::move(file)), to_(to), max_(max) {}

  status parse() {
    auto tokens = lexer(text_, file_).run();
    if (!tokens) return tokens.error();
    tokens_ = std::move(*tokens);
    while (!failed_ && !at(token::end)) {
      if (accept_word("class"))
        parse_class();
      else if (accept_word("def")) {
        if (const function_def* f = parse_def()) to_.functions[f->name] = f;
      } else if (at(token::word) && (peek().text == "import" || peek().text == "from")) {
        while (!at(token::newline) && !at(token::end))
          ++next_;  // older writers put `import torch` first
        accept_kind(token::newline);
      } else {
        fail("expected a class or a function");
      }
    }
    if (failed_) return error_;
    return unit{};
  }

 private:
  void fail(std::string what) {
    if (failed_) return;
    failed_ = true;
    error_ = outside_the_subset(file_, peek().line, std::move(what), peek().describe());
  }

  void too_deep(const char* what) {
    if (failed_) return;
    failed_ = true;
    error_ = over_limit(&limits::depth, max_, std::string(what) + " within one another");
    error_.node = file_ + " line " + std::to_string(peek().line);
  }

  // ---- helpers ----
  static bool is_one_of(std::string_view s, std::span<const std::string_view> list) {
    return std::find(list.begin(), list.end(), s) != list.end();
  }
  const lexeme& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(next_ + ahead, tokens_.size() - 1)];
  }
  bool at(token t) const { return peek().what == t; }
  bool at_symbol(std::string_view s) const {
    return peek().what == token::symbol && peek().text == s;
  }
  bool accept_symbol(std::string_view s) {
    if (!at_symbol(s)) return false;
    ++next_;
    return true;
  }
  bool accept_word(std::string_view s) {
    if (!at(token::word) || peek().text != s) return false;
    ++next_;
    return true;
  }
  bool accept_kind(token t) {
    if (!at(t)) return false;
    ++next_;
    return true;
  }
  bool expect_symbol(std::string_view s) {
    if (failed_) return false;
    if (accept_symbol(s)) return true;
    fail("expected '" + std::string(s) + "'");
    return false;
  }
  std::string expect_name() {
    if (!failed_ && at(token::word)) return std::string(tokens_[next_++].text);
    fail("expected a name");
    return {};
  }
  void expect_newline() {
    if (!failed_ && !accept_kind(token::newline)) fail("expected the end of the line");
  }
  bool open_block() {
    if (!expect_symbol(":")) return false;
    expect_newline();
    if (!failed_ && !accept_kind(token::indent)) fail("expected an indented block");
    return !failed_;
  }
  bool block_goes_on() {
    if (failed_ || accept_kind(token::dedent)) return false;
    if (at(token::end)) {
      fail("expected the end of a block");
      return false;
    }
    return true;
  }
  expression* make(expression::form f) {
    to_.expressions.emplace_back();
    expression& e = to_.expressions.back();
    e.what = f;
    e.line = peek().line;
    return &e;
  }
  void hold(expression* to, const expression* item) {
    if (!item) return;
    to->items.push_back(item);
    to->depth = std::max(to->depth, item->depth + 1);
    if (to->depth > max_.depth) too_deep("expressions");
  }

  // ---- expressions ----
  /// A primary with any number of .name, (arguments) and [index] behind it.
  const expression* parse_expression() {
    if (failed_) return nullptr;
    if (++nesting_ > max_.depth) {
      too_deep("expressions");
      return nullptr;
    }
    const expression* e = parse_primary();
    while (e && !failed_) {
      if (accept_symbol("."))
        e = parse_attribute(e);
      else if (at_symbol("("))
        e = parse_call(e);
      else if (at_symbol("["))
        e = parse_subscript(e);
      else
        break;
    }
    --nesting_;
    return failed_ ? nullptr : e;
  }
  const expression* parse_attribute(const expression* base) {
    expression* a = make(expression::form::attribute);
    a->text = expect_name();
    hold(a, base);
    return a;
  }
  const expression* parse_call(const expression* function) {
    expression* c = make(expression::form::call);
    hold(c, function);
    ++next_;
    c->keywords.emplace_back();
    while (!failed_ && !accept_symbol(")")) {
      std::string keyword;
      if (at(token::word) && peek(1).what == token::symbol && peek(1).text == "=") {
        keyword = expect_name();
        ++next_;
      }
      hold(c, parse_expression());
      c->keywords.push_back(std::move(keyword));
      if (!accept_symbol(",") && !at_symbol(")")) fail("expected ',' or ')'");
    }
    return c;
  }
  const expression* parse_subscript(const expression* base) {
    expression* s = make(expression::form::subscript);
    hold(s, base);
    ++next_;
    const expression* index = parse_expression();
    if (at_symbol(",")) {  // Tuple[int, int] in annotations
      expression* t = make(expression::form::tuple);
      hold(t, index);
      while (!failed_ && accept_symbol(",") && !at_symbol("]")) hold(t, parse_expression());
      index = t;
    }
    hold(s, index);
    expect_symbol("]");
    return s;
  }

  const expression* parse_primary() {
    if (at(token::word)) return parse_word();
    if (at(token::number)) return parse_number();
    if (at(token::string)) {
      expression* e = make(expression::form::string);
      e->text = tokens_[next_++].decoded;
      return e;
    }
    if (accept_symbol("-")) {
      expression* e = make(expression::form::negative);
      hold(e, parse_expression());
      return e;
    }
    if (at_symbol("[")) return parse_sequence(expression::form::list, "]");
    if (at_symbol("(")) return parse_sequence(expression::form::tuple, ")");
    if (at_symbol("{")) return parse_dict();
    fail("expected an expression");
    return nullptr;
  }
  const expression* parse_word() {
    constexpr std::string_view keywords[] = {"lambda", "not",  "and",   "or",
                                             "if",     "else", "yield", "await"};
    const std::string_view text = peek().text;
    if (is_one_of(text, keywords)) {
      fail("expected an expression");
      return nullptr;
    }
    expression* e = make(text == "None"                      ? expression::form::none
                         : text == "True" || text == "False" ? expression::form::boolean
                                                             : expression::form::name);
    e->flag = text == "True";
    e->text = std::string(text);
    ++next_;
    return e;
  }
  /// Elements up to the closing bracket. (x) without a comma is x itself.
  const expression* parse_sequence(expression::form what, std::string_view close) {
    expression* e = make(what);
    ++next_;
    bool comma = false;
    while (!failed_ && !accept_symbol(close)) {
      hold(e, parse_expression());
      if (accept_symbol(","))
        comma = true;
      else if (!at_symbol(close))
        fail("expected ',' or '" + std::string(close) + "'");
    }
    const bool brackets_only = e->what == expression::form::tuple && !comma && e->items.size() == 1;
    return brackets_only ? e->items[0] : e;
  }
  /// {key: value, key: value}
  const expression* parse_dict() {
    expression* e = make(expression::form::dict);
    ++next_;
    while (!failed_ && !accept_symbol("}")) {
      hold(e, parse_expression());
      expect_symbol(":");
      hold(e, parse_expression());
      if (!accept_symbol(",") && !at_symbol("}")) fail("expected ',' or '}'");
    }
    return failed_ ? nullptr : e;
  }
  const expression* parse_number() {
    const std::string_view s = peek().text;
    const char *from = s.data(), *to = s.data() + s.size();
    expression* e = make(expression::form::integer);
    if (s.find_first_of(".eE") == std::string_view::npos) {
      const auto r = std::from_chars(from, to, e->i);
      if (r.ec != std::errc() || r.ptr != to) {
        fail("number");
        return nullptr;
      }
    } else {
      e->what = expression::form::real;
      const auto r = std::from_chars(from, to, e->d);
      if (r.ec != std::errc() || r.ptr != to) {
        fail("number");
        return nullptr;
      }
    }
    ++next_;
    return e;
  }

  // ---- statements ----
  const statement* parse_statement() {
    if (++nesting_ > max_.depth) {
      too_deep("blocks");
      return nullptr;
    }
    constexpr std::string_view refused[] = {"class",  "import", "from", "exec",  "lambda",
                                            "global", "del",    "try",  "raise", "assert"};
    to_.statements.emplace_back();
    statement& s = to_.statements.back();
    s.line = peek().line;
    if (accept_word("pass"))
      expect_newline();
    else if (accept_word("return"))
      parse_return(s);
    else if (accept_word("if"))
      parse_if(s);
    else if (accept_word("for"))
      parse_for(s);
    else if (accept_word("while"))
      parse_while(s);
    else if (accept_word("with"))
      parse_with(s);
    else if (accept_word("def"))
      parse_inner_def(s);
    else if (at(token::word) && is_one_of(peek().text, refused))
      fail("statement");
    else
      parse_simple(s);
    --nesting_;
    return failed_ ? nullptr : &s;
  }
  void parse_return(statement& s) {
    s.what = statement::form::give_back;
    if (!at(token::newline)) s.value = parse_tuple_or_expression();
    expect_newline();
  }
  void parse_if(statement& s) {
    s.what = statement::form::branch;
    s.value = parse_expression();
    parse_block(s.body);
    if (!failed_ && accept_word("else")) parse_block(s.otherwise);
  }
  void parse_for(statement& s) {
    s.what = statement::form::loop;
    s.targets.push_back(parse_expression());
    if (!failed_ && s.targets[0]->what != expression::form::name) fail("loop variable");
    if (!failed_ && !accept_word("in")) fail("expected 'in'");
    s.value = parse_expression();
    parse_block(s.body);
  }
  void parse_while(statement& s) {
    s.what = statement::form::repeat;
    s.value = parse_expression();
    parse_block(s.body);
  }
  /// What fork is given: a function within another, without parameters.
  void parse_inner_def(statement& s) {
    s.what = statement::form::define;
    if (!at(token::word)) return fail("a function's name");
    s.value = parse_word();
    expect_symbol("(");
    expect_symbol(")");
    parse_block(s.body);
  }
  void parse_with(statement& s) {
    s.what = statement::form::inside;
    s.value = parse_expression();
    parse_block(s.body);
  }
  /// An expression, an assignment, `name : type = value`, or an unpacking assignment.
  void parse_simple(statement& s) {
    const expression* e = parse_expression();
    std::vector<const expression*> left{e};
    while (!failed_ && accept_symbol(",")) {
      s.unpack = true;
      if (!at_symbol("=")) left.push_back(parse_expression());
    }
    if (failed_) return;
    const bool annotated = !s.unpack && accept_symbol(":");
    if (annotated) parse_expression();  // a type, which the value has anyway
    if (failed_) return;
    if (accept_symbol("=")) {
      s.what = statement::form::assign;
      for (const expression* t : left)
        if (t->what != expression::form::name && t->what != expression::form::attribute &&
            t->what != expression::form::subscript)
          return fail("the left side of an assignment");
      s.targets = std::move(left);
      s.value = parse_tuple_or_expression();
    } else {
      if (s.unpack || annotated) return fail("expected '='");
      s.what = statement::form::evaluate;
      s.value = e;
    }
    expect_newline();
  }
  const expression* parse_tuple_or_expression() {
    const expression* e = parse_expression();
    if (failed_ || !at_symbol(",")) return e;
    expression* t = make(expression::form::tuple);
    hold(t, e);
    while (!failed_ && accept_symbol(","))
      if (!at(token::newline)) hold(t, parse_expression());
    return failed_ ? nullptr : t;
  }
  void parse_block(std::vector<const statement*>& to) {
    if (!open_block()) return;
    while (block_goes_on())
      if (const statement* s = parse_statement()) to.push_back(s);
  }
  const function_def* parse_def() {
    to_.defs.emplace_back();
    function_def& f = to_.defs.back();
    f.file = file_;
    f.line = peek().line;
    f.name = expect_name();
    expect_symbol("(");
    while (!failed_ && !accept_symbol(")")) {
      f.parameters.emplace_back();
      f.parameters.back().name = expect_name();
      if (accept_symbol(":")) f.parameters.back().type = parse_expression();
      if (accept_symbol("=")) f.parameters.back().otherwise = parse_expression();
      if (!accept_symbol(",") && !at_symbol(")")) fail("expected ',' or ')'");
    }
    if (accept_symbol("->")) parse_expression();
    parse_block(f.body);
    return failed_ ? nullptr : &f;
  }
  void parse_class() {
    class_def c;
    c.name = expect_name();
    if (accept_symbol("(")) {
      const expression* base = parse_expression();
      c.named_tuple =
          !failed_ && base->what == expression::form::name && base->text == "NamedTuple";
      expect_symbol(")");
    }
    if (!open_block()) return;
    while (block_goes_on()) {
      if (accept_word("def")) {
        if (const function_def* f = parse_def()) c.methods[f->name] = f;
      } else if (accept_word("pass")) {
        expect_newline();
      } else {
        parse_member(c);
      }
    }
    if (!failed_) to_.classes[c.name] = std::move(c);
  }
  /// `name : type`, `name : Final[int] = 2`, `__parameters__ = [...]`, `__annotations__["0"] =
  /// type`.
  void parse_member(class_def& c) {
    const expression* target = parse_expression();
    const bool named = !failed_ && target->what == expression::form::name;
    if (!failed_ && accept_symbol(":")) {
      parse_expression();
      if (c.named_tuple && named) c.fields.push_back(target->text);
    }
    if (!failed_ && accept_symbol("=")) {
      const expression* v = parse_expression();
      if (!failed_ && named) c.constants[target->text] = v;
    }
    expect_newline();
  }

  std::string_view text_;
  std::string file_;
  code_file& to_;
  std::vector<lexeme> tokens_;
  std::size_t next_ = 0;
  const limits max_;
  std::size_t nesting_ = 0;
  bool failed_ = false;
  error_info error_;
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_PARSER_HPP_
// ---- octet/import/torch/sharing.hpp
// Which tensors of a program share memory: what an operator that changes its operand in place
// changes besides. Values of a graph never change, so such an operator's operand stands for the
// result from there on, and each view of the same memory is brought up to date when it is used
// next.
#ifndef OCTET_IMPORT_TORCH_SHARING_HPP_
#define OCTET_IMPORT_TORCH_SHARING_HPP_

#include <algorithm>
#include <deque>
#include <string_view>
#include <utility>
#include <vector>


OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// "aten::add_", but not "aten::__and__".
constexpr bool changes_in_place(std::string_view name) noexcept {
  return name.size() > 1 && name.ends_with('_') && !name.ends_with("__");
}
/// Operators whose results may be their operand itself or a view of it: what their rows mark as one
/// (`tensor_data::view`) is, everything else is a copy.
constexpr bool gives_views(std::string_view name) noexcept {
  constexpr std::string_view list[] = {"aten::to",
                                       "aten::type_as",
                                       "aten::contiguous",
                                       "aten::detach",
                                       "aten::alias",
                                       "aten::dropout",
                                       "aten::dropout_",
                                       "aten::feature_dropout",
                                       "aten::flatten",
                                       "aten::reshape",
                                       "aten::view",
                                       "aten::squeeze",
                                       "aten::unsqueeze",
                                       "aten::permute",
                                       "aten::transpose",
                                       "aten::t",
                                       "aten::numpy_T",
                                       "aten::movedim",
                                       "aten::slice",
                                       "aten::select",
                                       "aten::narrow",
                                       "aten::chunk",
                                       "aten::split",
                                       "aten::split_with_sizes",
                                       "aten::unbind",
                                       "aten::unflatten",
                                       "aten::expand",
                                       "aten::expand_as",
                                       "aten::meshgrid",
                                       "quantized::dropout",
                                       "aten::view_as",
                                       "aten::ravel",
                                       "aten::tensor_split",
                                       "aten::swapaxes",
                                       "aten::swapdims",
                                       "aten::moveaxis",
                                       "aten::unsafe_chunk",
                                       "aten::unsafe_split",
                                       "aten::diagonal",
                                       "aten::unfold",
                                       "aten::unsafe_split_with_sizes",
                                       "aten::broadcast_to",
                                       "aten::lift_fresh",
                                       "aten::reshape_as",
                                       "aten::linalg_diagonal",
                                       "aten::broadcast_tensors",
                                       "aten::mT",
                                       "aten::resolve_conj",
                                       "aten::resolve_neg"};
  for (const std::string_view n : list)
    if (n == name) return true;
  return false;
}

/// Operators in place that change the extents of their operand, or the order of its axes, and no
/// element.
constexpr bool changes_extents(std::string_view name) noexcept {
  constexpr std::string_view list[] = {"aten::squeeze_", "aten::unsqueeze_", "aten::transpose_",
                                       "aten::t_",       "aten::swapaxes_",  "aten::swapdims_"};
  for (const std::string_view n : list)
    if (n == name) return true;
  return false;
}
/// Of those that give views, the ones whose result may be their operand itself, under two names:
/// the others make a tensor of its own of the same memory.
constexpr bool gives_operand(std::string_view name) noexcept {
  constexpr std::string_view list[] = {
      "aten::to",       "aten::type_as",      "aten::contiguous",  "aten::dropout",
      "aten::dropout_", "aten::resolve_conj", "aten::resolve_neg", "aten::feature_dropout",
      "aten::flatten",  "aten::lift_fresh",   "quantized::dropout"};
  for (const std::string_view n : list)
    if (n == name) return true;
  return false;
}

/// What an operator in place has written: where in the memory, and which values.
struct memory_write {
  std::vector<std::int64_t> size, stride;
  std::int64_t offset = 0;
  tensor_data* what = nullptr;
};

class shared_memory {
 public:
  /// What the program gets of an operator that made `made` of `operands`; `before`: how many
  /// tensors there were until then.
  result<value> settle(std::string_view name, const std::vector<value>& operands, value made,
                       std::size_t before, heap& values) {
    if (changes_extents(name)) return reshape(operands, made);
    if (gives_views(name)) {
      if (!gives_operand(name) && made.is(kind::tensor) && !made.t->constant() &&
          !operands.empty() && operands[0].is(kind::tensor) && operands[0].t == made.t) {
        made = values.tensor(*made.t);
        made.t->view = true;
      }
      join_all(operands, made);
    } else if (changes_in_place(name)) {
      return change(operands, made, values);
    } else if (made.is(kind::tensor)) {
      // A copy, though it may have an operand's bytes.
      if (made.t->serial < before) made = values.tensor(*made.t);
      alone(*made.t);
    } else {
      each(made, [&](tensor_data* t) {
        if (t->serial >= before) alone(*t);
      });
    }
    return made;
  }
  /// The next write that `t` does not show; null: it shows all of them.
  const memory_write* unseen(const tensor_data& t) const {
    if (t.memory == 0) return nullptr;
    const std::deque<memory_write>& writes = memories_[t.memory - 1].writes;
    return t.writes < writes.size() ? &writes[t.writes] : nullptr;
  }
  /// `x` has the values of `made` from now on, and stays where it is in memory.
  static void put(tensor_data& x, const tensor_data& made) {
    x.type = made.type, x.axis = made.axis;
    x.scales = made.scales, x.zero_points = made.zero_points;
    x.id = made.id, x.channels_inner = made.channels_inner;
  }

 private:
  struct memory {
    std::vector<tensor_data*> members;
    std::deque<memory_write> writes;  // deque: pointers into it stay
  };
  static void alone(tensor_data& t) {
    t.memory = t.writes = 0;
    t.offset = t.constant() ? t.offset : 0;
    t.view = false;
  }
  static void each(const value& v, const auto& f) {
    if (v.is(kind::tensor)) f(v.t);
    if (v.is_sequence())
      for (const value& e : v.c->items)
        if (e.is(kind::tensor)) f(e.t);
  }
  void join_all(const std::vector<value>& operands, const value& made) {
    if (operands.empty()) return;
    each(made, [&](tensor_data* v) {
      bool is_operand = false;
      each(operands[0], [&](const tensor_data* x) { is_operand |= x == v; });
      if (is_operand) return;
      const bool view = std::exchange(v->view, false);
      if (!view) return alone(*v);
      v->memory = v->writes = 0;
      // Of several operands (meshgrid) each has its own result.
      each(operands[0], [&](tensor_data* x) {
        if (!operands[0].is_sequence() || place_in(made, v) == place_in(operands[0], x))
          join(*x, *v);
      });
    });
  }
  static std::size_t place_in(const value& list, const tensor_data* t) {
    std::size_t i = 0;
    if (list.is_sequence())
      while (i < list.c->items.size() &&
             !(list.c->items[i].is(kind::tensor) && list.c->items[i].t == t))
        ++i;
    return i;
  }
  void join(tensor_data& x, tensor_data& view) {
    if (x.memory == 0) {
      memories_.push_back({{&x}, {}});
      x.memory = memories_.size();
      x.writes = 0;
    }
    memory& m = memories_[x.memory - 1];
    view.memory = x.memory;
    view.writes = m.writes.size();
    m.members.push_back(&view);
  }
  /// The file's tensors keep what they are: whatever shows them must not be used again.
  static void spoil(const std::vector<tensor_data*>& members, const tensor_data& x) {
    for (tensor_data* t : members) t->stale = t != &x;
  }
  /// The operand is, from now on, what `made` is a view of it as.
  static result<value> reshape(const std::vector<value>& operands, const value& made) {
    if (operands.empty() || !operands[0].is(kind::tensor) || !made.is(kind::tensor)) return made;
    tensor_data& x = *operands[0].t;
    if (made.t == &x) return made;
    if (x.constant())
      return unsupported("a tensor of the file that changes its extents in place", {},
                         "the operator without the underscore");
    x.size = made.t->size, x.stride = made.t->stride;
    put(x, *made.t);
    return operands[0];
  }
  result<value> change(const std::vector<value>& operands, const value& made, heap& values) {
    if (operands.empty() || !operands[0].is(kind::tensor) || !made.is(kind::tensor)) return made;
    tensor_data& x = *operands[0].t;
    if (made.t == &x) return made;
    if (made.t->size != x.size || made.t->type != x.type)
      return invalid(
          "a result that is not its operand's kind, in place of it",
          std::string(name_of(made.t->type)) + ", " + std::to_string(made.t->rank()) + " axes",
          std::string(name_of(x.type)) + ", " + std::to_string(x.rank()) + " axes");
    memory* m = x.memory != 0 ? &memories_[x.memory - 1] : nullptr;
    if (m && std::any_of(m->members.begin(), m->members.end(),
                         [](const tensor_data* t) { return t->constant(); }))
      spoil(m->members, x);
    if (x.constant()) {
      x.stale = true;
      alone(*made.t);
      return made;
    }
    put(x, *made.t);
    if (!m) return operands[0];
    tensor_data what = *made.t;
    alone(what);
    m->writes.push_back({x.size, x.stride, x.offset, values.tensor(std::move(what)).t});
    x.writes = m->writes.size();
    return operands[0];
  }

  std::deque<memory> memories_;  // of number 1, 2, ..
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_SHARING_HPP_

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// Classes of packed parameters: state is the parameters themselves, not attributes.
inline bool is_packed_class(std::string_view qualified) {
  return qualified.starts_with("__torch__.torch.classes.");
}

class emitter;
/// One operator: its parameters with defaults, as Python spells them, and what makes nodes of it.
struct torch_row {
  std::string_view name;
  std::string_view parameters;
  result<value> (*emit)(emitter&, arguments&);
};
/// Scale and zero point of a result, as the program gives them.
struct output_quantization {
  double scale = 1;
  std::int32_t zero_point = 0;
};

/// What schemas call the two.
struct quantization_parameters {
  std::string_view scale = "output_scale", zero_point = "output_zero_point";
};

/// What is left of a tensor's values after a write into its memory: the values themselves where the
/// write is elsewhere.
using write_function = result<value> (*)(emitter&, tensor_data&, const memory_write&);

class emitter {
 public:
  emitter(context& with, std::span<const torch_row> rows, write_function written)
      : c(with), g(with.build.g), written_(written) {
    for (const torch_row& r : rows) rows_.emplace(r.name, &r);
  }
  context& c;  // NOLINT: rows work on it
  graph& g;    // NOLINT: the graph under construction, c.build.g

  /// Tables of embeddings that rows have made floats of, by their weights.
  std::map<const tensor_data*, tensor_id> tables_of_floats;  // NOLINT: rows keep it

  // ---- calls ----

  /// An operator that octet has no form of, and one that depends on such an operator's result, give
  /// a value nobody knows.
  result<value> operation(const std::string& name, const std::vector<value>& given,
                          const keyword_arguments& keywords) {
    const torch_row* row = row_of(name);
    if (!row) return c.missing_operator(name);
    for (const value& v : given) {
      if (v.is(kind::unknown)) return v;
      if (v.is_sequence())
        if (auto s = c.build.work.spend(v.c->items.size()); !s) return s.error();
      if (v.is_sequence())
        for (const value& e : v.c->items)
          if (e.is(kind::unknown)) return e;
    }
    const function_def* schema = schema_of(*row);
    if (!schema) return invalid("schema of " + name);
    auto bound = bind(*schema, name, given, keywords);
    if (!bound) return bound.error();
    for (const value& v : *bound)
      if (v.is(kind::unknown)) return v;
    operator_ = name + " #" + std::to_string(count_++);
    c.values.count(c.module.size() + operator_.size());  // the node's name
    c.build.enter(c.module.empty() ? operator_ : c.module + " " + operator_);
    for (const value& v : *bound)
      if (auto s = refresh(v); !s) return s.error();
    const std::size_t before = c.values.tensors();
    auto made = made_by(*row, name, *schema, *bound);
    if (c.mistake) return *c.mistake;
    if (made && changes_in_place(name) && made->is(kind::tensor) && made->t->constant()) {
      const auto in = held(*made->t, false);  // written values are the graph's
      made = in ? result<value>(wrap(*in, made->t->type, false, false)) : in.error();
    }
    if (!made) return made;
    return shared_.settle(name, *bound, *made, before, c.values);
  }
  /// Brings a tensor, or each of a list, up to what was written into the memory that it shares.
  status refresh(const value& v) {
    if (v.is_sequence())
      for (const value& e : v.c->items)
        if (e.is(kind::tensor))
          if (auto s = refresh(e); !s) return s;
    if (!v.is(kind::tensor)) return unit{};
    tensor_data& t = *v.t;
    if (t.stale)
      return unsupported("a tensor of the file that is used after it was changed in place", {},
                         "the result of the operator that changes it, or a clone taken before");
    while (const memory_write* w = shared_.unseen(t)) {
      ++t.writes;
      const auto made = written_(*this, t, *w);
      if (!made) return made.error();
      if (made->t != &t) shared_memory::put(t, *made->t);
    }
    return unit{};
  }
  const std::string& operator_name() const { return operator_; }

  // ---- float16 ----

  /// float16 values as float32: exact.
  result<value> as_floats(tensor_data& x) { return retyped(x, ops::dequantize, scalar::f32); }
  /// float32 values as float16: the nearest, ties to even, from 65520 on infinity.
  result<value> as_halves(tensor_data& x) { return retyped(x, ops::cast, scalar::f16); }

  // ---- nodes ----

  status emit(const op_def& op, std::vector<tensor_id> in, tensor_id out, attributes attrs = {},
              const node_options& options = {}) {
    return c.build.emit(op, std::move(in), {out}, std::move(attrs), options);
  }
  /// What of `x` PyTorch's kernels depend on. `channels_inner`: the layout it is held in.
  static laws::framework_facts facts_of(const tensor_data& x, bool channels_inner) {
    return {.contiguous = is_contiguous(x, false),
            .channels_last = is_contiguous(x, true),
            .channels_inner = channels_inner};
  }
  status reshape(tensor_id from, tensor_id to, std::vector<std::int64_t> shape) {
    attributes a;
    a.set("shape", std::move(shape));
    return emit(ops::reshape, {from}, to, std::move(a));
  }
  status transpose(tensor_id from, tensor_id to, std::vector<std::int64_t> order) {
    attributes a;
    a.set("perm", std::move(order));
    return emit(ops::transpose, {from}, to, std::move(a));
  }

  // ---- values ----

  /// IR extents of a value: logical extents, or with axis 1 moved to the end.
  static result<dims> ir_shape(const std::vector<std::int64_t>& size, bool channels_inner) {
    dims d;
    for (std::size_t i = 0; i < size.size(); ++i) {
      if (size[i] < 0 || size[i] > INT32_MAX)
        return too_large("extent of a tensor", std::to_string(size[i]));
      if (!(channels_inner && i == 1)) d.push_back(static_cast<std::int32_t>(size[i]));
    }
    if (channels_inner && size.size() > 1) d.push_back(static_cast<std::int32_t>(size[1]));
    if (auto s = verify_shape(d); !s) return s.error();
    return d;
  }
  static std::vector<std::int64_t> logical_size(const dims& d, bool channels_inner) {
    std::vector<std::int64_t> s(d.begin(), d.end());
    if (channels_inner && s.size() > 1) {
      s.insert(s.begin() + 1, s.back());
      s.pop_back();
    }
    return s;
  }
  /// A new tensor of the graph; its shape comes from the node that writes it.
  tensor_id make(scalar type, std::vector<double> scales = {},
                 std::vector<std::int32_t> zero_points = {}) {
    return c.build.temporary({}, dtype_of_scalar(type), std::move(scales), std::move(zero_points));
  }
  tensor_id make(scalar type, const output_quantization& q) {
    return make(type, {q.scale}, {q.zero_point});
  }
  tensor_id make_like(const tensor_data& x) { return make(x.type, x.scales, x.zero_points); }

  /// The value behind a graph tensor. `channels_last`: the memory format PyTorch gives the result.
  value wrap(tensor_id id, scalar type, bool channels_inner, bool channels_last) {
    const octet::tensor& from = g[id];
    tensor_data t;
    t.type = type;
    t.size = logical_size(from.shape, channels_inner);
    t.stride = channels_last ? channels_last_strides(t.size) : contiguous_strides(t.size);
    t.scales = from.scales;
    t.zero_points = from.zero_points;
    t.axis = from.axis;
    t.id = id;
    t.channels_inner = channels_inner;
    g[id].format = format_of(channels_last && has_channels_last(t.size.size()));
    return c.values.tensor(std::move(t));
  }
  /// The graph tensor that holds `t` in the layout asked for. Constants are added to the graph.
  result<tensor_id> held(tensor_data& t, bool channels_inner) {
    if (t.rank() < 3) channels_inner = false;
    if (t.constant()) return constant(t, channels_inner);
    if (t.channels_inner == channels_inner) return t.id;
    return layouts_.change(c.build, t.id, channels_inner);
  }
  /// The same in the layout that `t` has.
  result<tensor_id> held_as_is(tensor_data& t) {
    if (t.constant()) return constant(t, false);
    return t.id;
  }

  template <class T> tensor_id constant_of(const std::vector<T>& v) { return c.build.constant(v); }

  /// An input of the model whose element type the file does not record: float32 until an operator
  /// takes it as indices.
  void type_not_recorded(tensor_id t) { untyped_.insert(t); }
  void take_as_indices(tensor_data& t) {
    if (t.id == no_tensor || untyped_.erase(t.id) == 0) return;
    t.type = scalar::s64;
    g[t.id].type = dtype::s64;
  }

  // ---- rules that many operators share ----

  /// A quantized value with one scale, or an error.
  status per_tensor(const tensor_data& t, std::string_view what = "input") const {
    if (t.scales.size() == 1 && (t.type == scalar::quint8 || t.type == scalar::qint8))
      return unit{};
    return unsupported(std::string(what) + " of " + operator_, std::string(name_of(t.type)),
                       "quint8 or qint8 with one scale");
  }
  /// per_tensor for quantized values; others must be float32.
  status per_tensor_or_float(const tensor_data& t) const {
    if (is_quantized(t.type)) return per_tensor(t);
    if (t.type == scalar::f32) return unit{};
    return unsupported("element type of " + operator_, std::string(name_of(t.type)),
                       "float32, quint8, qint8");
  }
  /// Scale and zero point of a result of that type.
  result<output_quantization> output(arguments& a, scalar type,
                                     const quantization_parameters& names = {}) const {
    const double scale = a.real(names.scale);
    const std::int64_t zero_point = a.integer(names.zero_point);
    if (auto s = a.check(); !s) return s.error();
    return valid_output(scale, zero_point, type);
  }
  result<output_quantization> valid_output(double scale, std::int64_t zero_point,
                                           scalar type) const {
    const dtype t = dtype_of_scalar(type);
    if (scale > 0 && scale < 1e30 && zero_point >= lowest_of(t) && zero_point <= highest_of(t))
      return output_quantization{scale, static_cast<std::int32_t>(zero_point)};
    return invalid("output scale or zero point of " + operator_,
                   std::to_string(scale) + ", " + std::to_string(zero_point));
  }

  // ---- names ----
  /// Tensors are called as the program calls them: the path of the module that returned them, else
  /// module path and variable.
  void name_value(const value& v, const std::string& module, const std::string& variable) {
    if (!v.is(kind::tensor) || v.t->constant() || !g[v.t->id].name.empty()) return;
    c.values.count(module.size() + variable.size());
    g[v.t->id].name = unique(module.empty() ? variable : module + "." + variable);
  }
  void name_result(const value& v, const std::string& module) {
    if (!v.is(kind::tensor) || v.t->constant() || module.empty() ||
        !by_module_.insert(v.t->id).second)
      return;
    c.values.count(module.size());
    g[v.t->id].name = unique(module);
  }
  void protect_name(tensor_id t) { by_module_.insert(t); }

 private:
  result<value> retyped(tensor_data& x, const op_def& op, scalar type) {
    const auto in = held_as_is(x);
    if (!in) return in.error();
    const tensor_id to = make(type);
    if (auto s = emit(op, {*in}, to); !s) return s.error();
    return wrap(to, type, !x.constant() && x.channels_inner, suggests_channels_last(x));
  }
  /// Runs the row. Of float16 values PyTorch computes in float32 and rounds the results; what only
  /// moves them is given them as they are.
  result<value> made_by(const torch_row& row, const std::string& name, const function_def& schema,
                        const std::vector<value>& bound) {
    const auto is_half = [](const tensor_data& t) { return t.type == scalar::f16; };
    if (gives_views(name) || !any_tensor(bound, is_half)) {
      arguments a(c, name, named(schema, bound));
      return row.emit(*this, a);
    }
    const bool rounds = gives_halves(name, schema, bound);
    std::vector<value> floats;
    for (std::size_t i = 0; i < bound.size(); ++i) {
      const bool type = schema.parameters[i].name == "dtype" && rounds;
      const auto v = type ? value{} : in_floats(bound[i], rounds && rounds_numbers(name));
      if (!v) return v;
      floats.push_back(*v);
    }
    arguments a(c, name, named(schema, floats));
    const auto made = row.emit(*this, a);
    if (!made || !rounds) return made;
    return of_each(*made, scalar::f32, [&](tensor_data& t) { return as_halves(t); });
  }
  static bool any_tensor(const std::vector<value>& among, const auto& holds) {
    return std::any_of(among.begin(), among.end(), [&](const value& v) {
      return v.is(kind::tensor) ? holds(*v.t) : v.is_sequence() && any_tensor(v.c->items, holds);
    });
  }
  /// The value with f(tensor) in place of each tensor of that type in it.
  result<value> of_each(const value& v, scalar type, const auto& f) {
    if (v.is(kind::tensor)) return v.t->type == type ? f(*v.t) : result<value>(v);
    if (!v.is_sequence()) return v;
    std::vector<value> items;
    for (const value& item : v.c->items) {
      const auto made = item.is(kind::tensor) ? of_each(item, type, f) : result<value>(item);
      if (!made) return made;
      items.push_back(*made);
    }
    return c.values.list(std::move(items), v.what);
  }
  /// Operators that round a number, or a tensor without axes, to float16 first where their tensor
  /// is float16.
  static bool rounds_numbers(std::string_view name) {
    constexpr std::string_view list[] = {
        "aten::add",        "aten::add_",       "aten::sub", "aten::sub_", "aten::rsub",
        "aten::pow",        "aten::gt",         "aten::ge",  "aten::lt",   "aten::le",
        "aten::softshrink", "aten::hardshrink", "aten::eq",  "aten::ne",   "aten::pow_",
        "aten::fmod",       "aten::remainder"};
    return std::find(std::begin(list), std::end(list), name) != std::end(list);
  }
  /// Float16 tensors in float32. `rounded`: numbers as float16 has them.
  result<value> in_floats(const value& v, bool rounded) {
    const bool alone = rounded && v.is(kind::tensor) && v.t->rank() == 0 &&
                       (v.t->type == scalar::f32 || v.t->type == scalar::f64);
    const auto number = alone && c.known(*v.t) ? c.scalar_of(*v.t) : result<value>(v);
    if (!number) return number;
    if (rounded && number->is(kind::real))
      return value::of(
          static_cast<double>(numerics::from_f16(numerics::to_f16(static_cast<float>(number->d)))));
    const auto half = alone && v.t->type == scalar::f32 ? as_halves(*v.t) : result<value>(v);
    if (!half) return half;
    return of_each(*half, scalar::f16, [&](tensor_data& t) { return as_floats(t); });
  }
  /// Whether results that are floats are float16: as the operator in place or a `dtype` says, else
  /// where no operand with axes is wider. Normalizations go by their first operand.
  static bool gives_halves(std::string_view name, const function_def& schema,
                           const std::vector<value>& bound) {
    const bool first = changes_in_place(name) || name.find("_norm") != std::string_view::npos;
    if (first && !bound.empty() && bound[0].is(kind::tensor))
      return bound[0].t->type == scalar::f16;
    for (std::size_t i = 0; i < bound.size(); ++i)
      if (schema.parameters[i].name == "dtype" && bound[i].is(kind::integer))
        return bound[i].i == static_cast<std::int64_t>(scalar::f16);
    return !any_tensor(bound, [](const tensor_data& t) {
      return t.rank() > 0 && (t.type == scalar::f32 || t.type == scalar::f64);
    });
  }
  /// Null where there is none. An operator in place without a row is the one that it is called
  /// after, but for those that change what an operand is a view of.
  const torch_row* row_of(std::string_view name) const {
    if (const auto it = rows_.find(name); it != rows_.end()) return it->second;
    if (!changes_in_place(name)) return nullptr;
    name.remove_suffix(1);
    const auto it = rows_.find(name);
    return it == rows_.end() || gives_views(name) ? nullptr : it->second;
  }
  std::string unique(const std::string& name) {
    const int n = names_[name]++;
    return n == 0 ? name : name + "#" + std::to_string(n + 1);
  }

  /// Constants of the file as constants of the graph, once per layout.
  result<tensor_id> constant(tensor_data& t, bool channels_inner) {
    const auto key = std::pair(static_cast<const tensor_data*>(&t), channels_inner);
    if (const auto it = constants_.find(key); it != constants_.end()) return it->second;
    if (auto s = c.resolve_channels(t); !s) return s.error();
    const auto shape = ir_shape(t.size, channels_inner);
    if (!shape) return shape.error();
    int order[dims::max_rank];
    for (int i = 0; i < t.rank(); ++i) order[axis_in_layout(i, t.rank(), channels_inner)] = i;
    auto data = c.elements(t, std::span<const int>(order, t.size.size()));
    if (!data) return data.error();
    const tensor_id id = g.add_constant("", dtype_of_scalar(t.type), *shape, std::move(*data));
    g[id].scales = t.scales;
    g[id].zero_points = t.zero_points;
    if (t.scales.size() > 1) g[id].axis = axis_in_layout(t.axis, t.rank(), channels_inner);
    constants_[key] = id;
    return id;
  }

  /// Values in the schema's order.
  result<std::vector<value>> bind(const function_def& schema, const std::string& name,
                                  const std::vector<value>& given,
                                  const keyword_arguments& keywords) {
    const auto& parameters = schema.parameters;
    if (given.size() > parameters.size())
      return unsupported("arguments of " + name, std::to_string(given.size()),
                         std::to_string(parameters.size()));
    std::vector<value> bound = given;
    for (std::size_t i = given.size(); i < parameters.size(); ++i) {
      const auto keyword = std::find_if(keywords.begin(), keywords.end(), [&](const auto& k) {
        return k.first == parameters[i].name;
      });
      if (keyword != keywords.end())
        bound.push_back(keyword->second);
      else if (parameters[i].otherwise)
        bound.push_back(default_value(*parameters[i].otherwise));
      else
        return invalid("argument " + parameters[i].name + " of " + name + " is missing");
    }
    for (const auto& keyword : keywords)
      if (std::none_of(parameters.begin(), parameters.end(),
                       [&](const auto& p) { return p.name == keyword.first; }))
        return unsupported("argument of " + name, keyword.first);
    return bound;
  }
  static std::vector<arguments::argument> named(const function_def& schema,
                                                const std::vector<value>& bound) {
    std::vector<arguments::argument> all;
    for (std::size_t i = 0; i < bound.size(); ++i)
      all.push_back({schema.parameters[i].name, bound[i]});
    return all;
  }
  const function_def* schema_of(const torch_row& row) {
    if (const auto it = schemas_.find(row.name); it != schemas_.end()) return it->second;
    schema_text_.push_back("def f(" + std::string(row.parameters) + "):\n  pass\n");
    schema_files_.emplace_back();
    const auto s =
        code_parser(schema_text_.back(), std::string(row.name), schema_files_.back()).parse();
    const function_def* f =
        s && !schema_files_.back().defs.empty() ? &schema_files_.back().defs.front() : nullptr;
    schemas_[row.name] = f;
    return f;
  }
  value default_value(const expression& e) {
    switch (e.what) {
      case expression::form::boolean: return value::of(e.flag);
      case expression::form::integer: return value::of(e.i);
      case expression::form::real: return value::of(e.d);
      case expression::form::string: return c.values.string(e.text);
      case expression::form::negative: {
        const value v = default_value(*e.items[0]);
        return v.is(kind::integer) ? value::of(-v.i) : v.is(kind::real) ? value::of(-v.d) : v;
      }
      case expression::form::list: {
        std::vector<value> items;
        for (const expression* i : e.items) items.push_back(default_value(*i));
        return c.values.list(std::move(items));
      }
      case expression::form::none:
      case expression::form::name:
      case expression::form::attribute:
      case expression::form::subscript:
      case expression::form::call:
      case expression::form::dict:
      case expression::form::tuple: break;
    }
    return {};
  }

  std::unordered_map<std::string_view, const torch_row*> rows_;
  std::string operator_;  // "quantized::conv2d #12"
  int count_ = 0;
  write_function written_;
  layout_changes layouts_;
  shared_memory shared_;
  std::map<std::pair<const tensor_data*, bool>, tensor_id> constants_;
  std::set<tensor_id> by_module_, untyped_;
  std::map<std::string, int> names_;
  std::map<std::string_view, const function_def*> schemas_;
  std::deque<std::string> schema_text_;  // deques: the parsed schemas refer into them
  std::deque<code_file> schema_files_;
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_EMIT_HPP_
// ---- octet/import/torch/scalars.hpp
// Operators of a program on numbers, strings and lists, and what is known of a tensor without its
// data: computed when the file is loaded.
#ifndef OCTET_IMPORT_TORCH_SCALARS_HPP_
#define OCTET_IMPORT_TORCH_SCALARS_HPP_

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>


OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// What an operator gives; nothing where the name is not one of these operators for these
/// arguments.
using answer = std::optional<result<value>>;
using value_list = std::vector<value>;

inline bool read_number(const value& v, double& to) {
  if (v.is(kind::real))
    to = v.d;
  else if (v.is(kind::integer))
    to = static_cast<double>(v.i);
  else if (v.is(kind::boolean))
    to = v.b ? 1 : 0;
  else
    return false;
  return true;
}
/// Nothing where the two cannot be compared.
inline std::optional<bool> equal(const value& a, const value& b) {
  double x = 0, y = 0;
  if (a.is(kind::integer) && b.is(kind::integer)) return a.i == b.i;
  if (read_number(a, x) && read_number(b, y)) return x == y;
  if (a.is(kind::string) && b.is(kind::string)) return a.c->text == b.c->text;
  if (a.is(kind::none) || b.is(kind::none)) return a.is(kind::none) && b.is(kind::none);
  std::vector<std::int64_t> u, v;
  if (read_integers(a, u) && read_integers(b, v)) return u == v;
  return {};
}
/// base[index] of lists, tuples and dicts.
inline result<value> item(const value& base, const value& index) {
  if (base.is_sequence() && index.is(kind::integer)) {
    const auto n = static_cast<std::int64_t>(base.c->items.size());
    const std::int64_t i = index.i < 0 ? index.i + n : index.i;
    if (i < 0 || i >= n)
      return invalid("index of a list", std::to_string(index.i), std::to_string(n) + " elements");
    return base.c->items[as_size(i)];
  }
  if (base.is(kind::dict) && (index.is(kind::string) || index.is(kind::integer))) {
    const auto& items = base.c->items;  // key, value, key, value
    for (std::size_t i = 0; i + 1 < items.size(); i += 2)
      if (items[i].what == index.what && equal(items[i], index).value_or(false))
        return items[i + 1];
    return invalid("key of a dict",
                   index.is(kind::string) ? index.c->text : std::to_string(index.i));
  }
  return unsupported("a subscript of this kind", std::string(name_of(base.what)) + "[" +
                                                     std::string(name_of(index.what)) + "]");
}

/// Operators that change the list or dict they are given.
inline bool changes_items(std::string_view name, const std::vector<value>& a) {
  if (a.empty() || !(a[0].is(kind::list) || a[0].is(kind::dict))) return false;
  constexpr std::string_view list[] = {"aten::append",  "aten::_set_item", "aten::extend",
                                       "aten::insert",  "aten::pop",       "aten::add_",
                                       "aten::reverse", "aten::clear",     "aten::remove",
                                       "aten::sort",    "aten::Delete"};
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}
/// Sets d[key].
inline void set_item(cell& d, const value& key, const value& v) {
  for (std::size_t i = 0; i + 1 < d.items.size(); i += 2)
    if (equal(d.items[i], key).value_or(false)) {
      d.items[i + 1] = v;
      return;
    }
  d.items.push_back(key);
  d.items.push_back(v);
}

/// What one of these operators is given, by the names of its schema's parameters.
class scalar_call {
 public:
  scalar_call(context& with, std::string_view operator_name, std::string_view parameters,
              const value_list& given, const keyword_arguments& keywords)
      : c(with), name(operator_name), parameters_(parameters), given_(given), keywords_(keywords) {}

  context& c;                   // NOLINT: rows make values of it
  const std::string_view name;  // "aten::size"

  /// Whether the schema takes as many, and each of the keywords.
  bool fits() const {
    std::size_t names = 0, required = 0;
    for_each([&](std::size_t i, std::string_view, bool optional) {
      names = i + 1;
      if (!optional) required = names;
      return true;
    });
    if (given_.size() > names) return false;
    for (const auto& k : keywords_)
      if (place_of(k.first) >= names || place_of(k.first) < given_.size()) return false;
    std::size_t missing = 0;
    for_each([&](std::size_t i, std::string_view parameter, bool optional) {
      if (!optional && i >= given_.size() && !keyword(parameter)) ++missing;
      return true;
    });
    return missing == 0;
  }
  bool has(std::string_view parameter) const {
    return place_of(parameter) < given_.size() || keyword(parameter);
  }
  /// None where nothing is given for it.
  value operator[](std::string_view parameter) const {
    const std::size_t i = place_of(parameter);
    if (i < given_.size()) return given_[i];
    if (const value* v = keyword(parameter)) return *v;
    if (i == no_place && !c.mistake)
      c.mistake = invalid(std::string(parameter) + " is no parameter of " + std::string(name));
    return {};
  }

 private:
  static constexpr std::size_t no_place = ~std::size_t{0};
  /// f(place, name, optional) of each parameter until it gives false. "l, start?, step?".
  void for_each(const auto& f) const {
    std::string_view rest = parameters_;
    for (std::size_t i = 0; !rest.empty(); ++i) {
      const std::size_t comma = rest.find(',');
      std::string_view one = rest.substr(0, comma);
      const bool optional = one.ends_with('?');
      if (optional) one.remove_suffix(1);
      if (!f(i, one, optional) || comma == std::string_view::npos) return;
      rest.remove_prefix(comma + 2);
    }
  }
  std::size_t place_of(std::string_view parameter) const {
    std::size_t place = no_place;
    for_each([&](std::size_t i, std::string_view one, bool) {
      if (one == parameter) place = i;
      return place == no_place;
    });
    return place;
  }
  const value* keyword(std::string_view parameter) const {
    for (const auto& k : keywords_)
      if (k.first == parameter) return &k.second;
    return nullptr;
  }

  std::string_view parameters_;
  const value_list& given_;
  const keyword_arguments& keywords_;
};

/// One form of an operator: its parameters, those that may be missing with a question mark, and
/// what computes it. A name may have several rows; the first that takes what is given answers.
struct scalar_row {
  std::string_view name, parameters;
  answer (*compute)(const scalar_call&);
};

namespace scalar_rows {

inline value wrapped(std::uint64_t v) { return value::of(static_cast<std::int64_t>(v)); }
inline value length_of(std::size_t n) { return value::of(static_cast<std::int64_t>(n)); }
/// Where `index` is among n elements, of which negative ones count from the end.
inline std::int64_t from_end(std::int64_t index, std::int64_t n) {
  return index < 0 ? index + n : index;
}

// ---- what is known of a tensor ----

inline answer sizes(const scalar_call& a) {
  if (!a["self"].is(kind::tensor)) return {};
  return a.c.values.integers(a["self"].t->size);
}
inline answer size_along(const scalar_call& a) {
  const value dim = a["dim"];
  if (!a["self"].is(kind::tensor) || !dim.is(kind::integer)) return {};
  const tensor_data& t = *a["self"].t;
  const std::int64_t d = from_end(dim.i, t.rank());
  if (d < 0 || d >= t.rank())
    return invalid("dimension of size()", std::to_string(dim.i),
                   std::to_string(t.rank()) + " dimensions");
  return value::of(t.size[as_size(d)]);
}
inline answer rank(const scalar_call& a) {
  if (!a["self"].is(kind::tensor)) return {};
  return value::of(std::int64_t{a["self"].t->rank()});
}
inline answer count(const scalar_call& a) {
  if (!a["self"].is(kind::tensor)) return {};
  return value::of(a["self"].t->elements());
}
/// Of codes with one scale.
inline answer quantization_of(const scalar_call& a) {
  const value self = a["self"];
  if (!self.is(kind::tensor) || self.t->scales.size() != 1) return {};
  if (a.name == "aten::q_scale") return value::of(self.t->scales[0]);
  return value::of(std::int64_t{self.t->zero_points[0]});
}
inline answer is_floating_point(const scalar_call& a) {
  if (!a["self"].is(kind::tensor)) return {};
  const scalar type = a["self"].t->type;
  return value::of(type == scalar::f32 || type == scalar::f64 || type == scalar::f16);
}
inline answer device_of_tensor(const scalar_call& a) {
  if (!a["a"].is(kind::tensor)) return {};
  return a.c.values.string("cpu");
}
/// is_cuda, is_nested, requires_grad.
inline answer is_other(const scalar_call& a) {
  if (!a["a"].is(kind::tensor)) return {};
  return value::of(false);
}
inline answer type_of_tensor(const scalar_call& a) {
  if (!a["a"].is(kind::tensor)) return {};
  return value::of(static_cast<std::int64_t>(a["a"].t->type));
}
inline answer is_quantized_tensor(const scalar_call& a) {
  if (!a["a"].is(kind::tensor)) return {};
  return value::of(is_quantized(a["a"].t->type));
}

// ---- values of any kind ----

inline answer nothing(const scalar_call&) { return value{}; }
/// As PyTorch prints it; nothing of values whose text is part of exceptions only.
inline std::optional<std::string> text_of(const value& v) {
  if (v.is(kind::string)) return v.c->text;
  if (v.is(kind::integer)) return std::to_string(v.i);
  if (v.is(kind::boolean)) return v.b ? "True" : "False";
  if (v.is(kind::none)) return "None";
  if (!v.is(kind::real)) return {};
  if (v.d > -1e10 && v.d < 1e10 && numerics::floor(v.d) == v.d)
    return std::to_string(static_cast<std::int64_t>(v.d)) + ".";
  char digits[32]{};
  const auto end = std::to_chars(digits, digits + sizeof digits, v.d, std::chars_format::general,
                                 std::numeric_limits<double>::max_digits10);
  return std::string(digits, end.ptr);
}
/// "o{}" of format (f-strings too) and "o%d" of percentFormat: keys of dicts, and names.
inline answer format_text(const scalar_call& a) {
  if (!a["self"].is(kind::string)) return {};
  constexpr std::string_view parameters[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
  const std::string& pattern = a["self"].c->text;
  const bool percent = a.name == "aten::percentFormat";
  std::string text;
  std::size_t next = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view two = std::string_view(pattern).substr(i, 2);
    if (percent && two == "%%") {
      text += '%', ++i;
      continue;
    }
    const bool taken = percent ? two == "%s" || two == "%d" || two == "%i" : two == "{}";
    const std::optional<std::string> of =
        taken && next < std::size(parameters) ? text_of(a[parameters[next]]) : std::nullopt;
    next += taken ? 1u : 0u;
    text += of ? *of : std::string(1, pattern[i]);
    i += of ? 1u : 0u;
  }
  return a.c.values.string(std::move(text));
}
/// ", ".join(list of strings).
inline answer joined_texts(const scalar_call& a) {
  if (!a["self"].is(kind::string) || !a["values"].is_sequence()) return {};
  std::string text;
  for (const value& v : a["values"].c->items) {
    if (!v.is(kind::string)) return {};
    if (&v != a["values"].c->items.data()) text += a["self"].c->text;
    text += v.c->text;
    if (!a.c.values.room_for(text.size() / sizeof(value)))
      return too_large("values of the program");
  }
  return a.c.values.string(std::move(text));
}
/// The one element of a tensor that is known when the file is loaded.
inline answer only_element(const scalar_call& a) {
  if (!a["self"].is(kind::tensor) || !a.c.known(*a["self"].t)) return {};
  return a.c.scalar_of(*a["self"].t);
}
/// What no file is run with: autocast, gradients.
inline answer is_off(const scalar_call&) { return value::of(false); }
inline answer device_of_name(const scalar_call& a) { return a["a"]; }
inline answer number_of_traced(const scalar_call& a) {
  if (a["a"].is(kind::tensor)) return {};
  return a["a"];
}
inline answer not_none(const scalar_call& a) { return a["optional"]; }
inline answer negated(const scalar_call& a) {
  if (!a["self"].is(kind::boolean)) return {};
  return value::of(!a["self"].b);
}
/// `is None`, `is not None`, and whether two tensors are one: `query is key` in attention.
inline answer is_none(const scalar_call& a) {
  const value left = a["self"], right = a["obj"];
  const bool same = left.is(kind::none) && right.is(kind::none),
             none = left.is(kind::none) || right.is(kind::none);
  if (!none && !(left.is(kind::tensor) && right.is(kind::tensor))) return {};
  return value::of((a.name == "aten::__is__") == (none ? same : left.t == right.t));
}
/// What scripted code has checked to be there; a value of any kind.
inline answer unwrapped(const scalar_call& a) {
  const value v = a["optional"];
  if (v.is(kind::none)) return invalid("None where the program has an optional value unwrapped");
  return v;
}
inline answer length(const scalar_call& a) {
  const value v = a["a"];
  if (v.is_sequence()) return length_of(v.c->items.size());
  if (v.is(kind::dict)) return length_of(v.c->items.size() / 2);
  if (v.is(kind::string)) return length_of(v.c->text.size());
  if (v.is(kind::tensor) && v.t->rank() > 0) return value::of(v.t->size[0]);
  return {};
}
inline answer contains(const scalar_call& a) {
  const value in = a["l"], what = a["item"];
  if (!in.is_sequence() && !in.is(kind::dict)) return {};
  bool found = false;
  for (std::size_t i = 0; i < in.c->items.size(); i += in.is(kind::dict) ? 2u : 1u)
    found |= equal(in.c->items[i], what).value_or(false);
  return value::of(found);
}
inline answer get_item(const scalar_call& a) {
  if (a["list"].is(kind::tensor)) return {};
  return item(a["list"], a["idx"]);
}
/// keys(), values() and items() of a dict, which holds key, value, key, value.
inline answer of_dict(const scalar_call& a) {
  if (!a["self"].is(kind::dict)) return {};
  const value_list& held = a["self"].c->items;
  value_list items;
  for (std::size_t i = 0; i + 1 < held.size(); i += 2)
    items.push_back(a.name == "aten::keys" ? held[i]
                    : a.name == "aten::values"
                        ? held[i + 1]
                        : a.c.values.list({held[i], held[i + 1]}, kind::tuple));
  return a.c.values.list(std::move(items));
}
inline answer copy_of_list(const scalar_call& a) {
  if (!a["l"].is_sequence()) return {};
  return a.c.values.list(a["l"].c->items);
}
inline answer put_item(const scalar_call& a) {
  const value to = a["l"], at = a["idx"];
  if (to.is(kind::dict)) {
    set_item(*to.c, at, a["el"]);
    return value{};
  }
  if (!to.is(kind::list) || !at.is(kind::integer)) return {};
  const auto n = static_cast<std::int64_t>(to.c->items.size());
  const std::int64_t i = from_end(at.i, n);
  if (i < 0 || i >= n) return invalid("index of a list", std::to_string(at.i));
  to.c->items[as_size(i)] = a["el"];
  return value{};
}

// ---- lists ----

inline answer append(const scalar_call& a) {
  if (!a["self"].is(kind::list)) return {};
  a.c.values.count(sizeof(value));
  a["self"].c->items.push_back(a["el"]);
  return a["self"];
}
/// extend, and `list += list`.
inline answer extend(const scalar_call& a) {
  if (!a["self"].is(kind::list) || !a["other"].is_sequence()) return {};
  const value_list more = a["other"].c->items;  // may be the same list
  if (!a.c.values.room_for(more.size())) return too_large("values of the program");
  a.c.values.count(more.size() * sizeof(value));
  value_list& items = a["self"].c->items;
  items.insert(items.end(), more.begin(), more.end());
  return a["self"];
}
inline answer insert(const scalar_call& a) {
  if (!a["self"].is(kind::list) || !a["idx"].is(kind::integer)) return {};
  value_list& items = a["self"].c->items;
  const auto n = static_cast<std::int64_t>(items.size());
  const std::int64_t at = std::clamp<std::int64_t>(from_end(a["idx"].i, n), 0, n);
  a.c.values.count(sizeof(value));
  items.insert(items.begin() + static_cast<std::ptrdiff_t>(at), a["el"]);
  return value{};
}
inline answer pop(const scalar_call& a) {
  const value idx = a.has("idx") ? a["idx"] : value::of(std::int64_t{-1});
  if (!a["self"].is(kind::list) || !idx.is(kind::integer)) return {};
  value_list& items = a["self"].c->items;
  const auto n = static_cast<std::int64_t>(items.size());
  const std::int64_t at = from_end(idx.i, n);
  if (at < 0 || at >= n) return invalid("index of a list", std::to_string(idx.i));
  const value v = items[as_size(at)];
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(at));
  return v;
}
/// del list[i], del dict[key].
inline answer delete_item(const scalar_call& a) {
  const value of = a["self"], at = a["idx"];
  if (of.is(kind::list)) {
    const answer popped = pop(a);
    return popped && *popped ? answer(value{}) : popped;
  }
  if (!of.is(kind::dict)) return {};
  value_list& items = of.c->items;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2)
    if (equal(items[i], at).value_or(false)) {
      items.erase(items.begin() + static_cast<std::ptrdiff_t>(i),
                  items.begin() + static_cast<std::ptrdiff_t>(i + 2));
      return value{};
    }
  return invalid("key of a dict");
}
/// As Python has it: a step below 0 goes from the end to the beginning.
inline answer slice(const scalar_call& a) {
  if (!a["l"].is(kind::list)) return {};
  const value_list& all = a["l"].c->items;
  const auto n = static_cast<std::int64_t>(all.size());
  const std::int64_t step = a["step"].is(kind::integer) ? a["step"].i : 1;
  if (step == 0) return invalid("step of a slice", std::to_string(step));
  const bool back = step < 0;
  const std::int64_t first = back ? -1 : 0, behind = back ? n - 1 : n;
  const auto bound = [&](const value& v, std::int64_t otherwise) {
    return v.is(kind::integer) ? std::clamp<std::int64_t>(from_end(v.i, n), first, behind)
                               : otherwise;
  };
  const std::int64_t end = bound(a["end"], back ? first : behind);
  value_list items;
  for (std::int64_t i = bound(a["start"], back ? behind : first); back ? i > end : i < end;
       i += back ? std::max(step, end - i) : std::min(step, end - i))
    items.push_back(all[as_size(i)]);
  return a.c.values.list(std::move(items));
}
/// Of whole numbers a whole number, which wraps.
inline answer sum(const scalar_call& a) {
  if (!a["self"].is(kind::list)) return {};
  std::uint64_t whole = 0;
  double real = 0;
  bool integers = true;
  for (const value& v : a["self"].c->items) {
    double d = 0;
    if (!read_number(v, d)) return {};
    real += d;
    integers &= !v.is(kind::real);
    whole += v.is(kind::integer) ? static_cast<std::uint64_t>(v.i) : d != 0 ? 1 : 0;
  }
  return integers ? wrapped(whole) : value::of(real);
}
/// [0] * 4.
inline answer repeated(const scalar_call& a) {
  if (!a["l"].is(kind::list) || !a["n"].is(kind::integer)) return {};
  const value_list& once = a["l"].c->items;
  const auto times = as_size(std::max<std::int64_t>(a["n"].i, 0));
  if (!once.empty() && (!a.c.values.room_for(times) || !a.c.values.room_for(times * once.size())))
    return too_large("values of the program");
  value_list items;
  for (std::size_t k = 0; !once.empty() && k < times; ++k)
    items.insert(items.end(), once.begin(), once.end());
  return a.c.values.list(std::move(items));
}
inline answer joined(const scalar_call& a) {
  const value left = a["a"], right = a["b"];
  if (!left.is_sequence() || !right.is_sequence()) return {};
  if (!a.c.values.room_for(left.c->items.size() + right.c->items.size()))
    return too_large("values of the program");
  value_list items = left.c->items;
  items.insert(items.end(), right.c->items.begin(), right.c->items.end());
  return a.c.values.list(std::move(items), left.what);
}
inline answer extreme_of_list(const scalar_call& a) {
  std::vector<std::int64_t> n;
  if (!read_integers(a["self"], n) || n.empty()) return {};
  return value::of(a.name == "prim::min" ? *std::min_element(n.begin(), n.end())
                                         : *std::max_element(n.begin(), n.end()));
}

inline answer reverse(const scalar_call& a) {
  if (!a["self"].is(kind::list)) return {};
  std::reverse(a["self"].c->items.begin(), a["self"].c->items.end());
  return value{};
}
inline answer clear(const scalar_call& a) {
  if (!a["self"].is(kind::list)) return {};
  a["self"].c->items.clear();
  return value{};
}
/// Of numbers, in place.
inline answer sort_numbers(const scalar_call& a) {
  if (!a["self"].is(kind::list)) return {};
  value_list& items = a["self"].c->items;
  double n = 0;
  for (const value& v : items)
    if (!read_number(v, n) || n != n) return {};
  const bool falling = a["reverse"].is(kind::boolean) && a["reverse"].b;
  std::stable_sort(items.begin(), items.end(), [&](const value& x, const value& y) {
    double u = 0, v = 0;
    return read_number(x, u) && read_number(y, v) && (falling ? v < u : u < v);
  });
  return value{};
}
/// index, count and remove of an element that is a number or a string.
inline answer of_element(const scalar_call& a) {
  if (!a["self"].is(kind::list)) return {};
  value_list& items = a["self"].c->items;
  std::int64_t count = 0, first = -1;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (equal(items[i], a["el"]).value_or(false)) {
      if (first < 0) first = static_cast<std::int64_t>(i);
      ++count;
    }
  if (a.name == "aten::count") return value::of(count);
  if (first < 0) return invalid("an element that is not in the list");
  if (a.name == "aten::index") return value::of(first);
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(first));
  return value{};
}
/// any and all of a list of numbers or bools.
inline answer of_all(const scalar_call& a) {
  if (!a["self"].is_sequence()) return {};
  const bool every = a.name == "aten::all";
  bool is = every;
  for (const value& v : a["self"].c->items) {
    double n = 0;
    if (!read_number(v, n)) return {};
    is = every ? is && n != 0 : is || n != 0;
  }
  return value::of(is);
}
/// d.get(key, otherwise).
inline answer get_or(const scalar_call& a) {
  if (!a["self"].is(kind::dict)) return {};
  const value_list& items = a["self"].c->items;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2)
    if (equal(items[i], a["key"]).value_or(false)) return items[i + 1];
  return a["default_value"];
}

// ---- strings ----

inline answer of_text(const scalar_call& a) {
  if (!a["self"].is(kind::string) || !a["part"].is(kind::string)) return {};
  const std::string &text = a["self"].c->text, &part = a["part"].c->text;
  if (a.has("start") && !equal(a["start"], value::of(std::int64_t{0})).value_or(false)) return {};
  if (const value end = a["end"];
      end.is(kind::integer) && end.i != -1 && end.i < static_cast<std::int64_t>(text.size()))
    return {};
  if (a.name == "aten::startswith") return value::of(text.starts_with(part));
  if (a.name == "aten::endswith") return value::of(text.ends_with(part));
  const std::size_t at = text.find(part);
  return value::of(at == std::string::npos ? std::int64_t{-1} : static_cast<std::int64_t>(at));
}
inline answer joined_text(const scalar_call& a) {
  if (!a["a"].is(kind::string) || !a["b"].is(kind::string)) return {};
  return a.c.values.string(a["a"].c->text + a["b"].c->text);
}
/// lower and upper of ASCII letters.
inline answer other_case(const scalar_call& a) {
  if (!a["self"].is(kind::string)) return {};
  std::string text = a["self"].c->text;
  const bool lower = a.name == "aten::lower";
  for (char& c : text)
    if (lower ? c >= 'A' && c <= 'Z' : c >= 'a' && c <= 'z') c = static_cast<char>(c ^ 32);
  return a.c.values.string(std::move(text));
}

// ---- ranges: range(lo, hi, step) is a count, of which each loop makes its own number ----

inline bool is_small(const value& v) {
  return v.is(kind::integer) && v.i > INT64_MIN / 4 && v.i < INT64_MAX / 4;
}
inline answer derive_index(const scalar_call& a) {
  const value index = a["index"], start = a["start"], step = a["step"];
  if (!is_small(index) || !is_small(start) || !is_small(step)) return {};
  return wrapped(static_cast<std::uint64_t>(start.i) +
                 static_cast<std::uint64_t>(index.i) * static_cast<std::uint64_t>(step.i));
}
inline answer range_length(const scalar_call& a) {
  const value lo = a["lo"], hi = a["hi"], step = a["step"];
  if (!is_small(lo) || !is_small(hi) || !is_small(step)) return {};
  if (step.i == 0) return invalid("step of a range", "0");
  if (step.i > 0) return value::of(lo.i < hi.i ? 1 + (hi.i - 1 - lo.i) / step.i : std::int64_t{0});
  return value::of(lo.i > hi.i ? 1 + (lo.i - 1 - hi.i) / -step.i : std::int64_t{0});
}

// ---- numbers ----

/// What an operator of one number gives. Overflow wraps, as in PyTorch.
inline answer of_number(const scalar_call& a) {
  const value v = a["a"];
  const std::string_view name = a.name;
  double x = 0;
  if (!read_number(v, x)) return {};
  const bool integer = v.is(kind::integer);
  if (name == "aten::Int" || name == "aten::ScalarImplicit" || name == "aten::IntImplicit")
    return integer ? answer(v) : answer();
  if (name == "aten::Float" || name == "aten::FloatImplicit") return value::of(x);
  if (name == "aten::Bool") return value::of(x != 0);
  if (name == "aten::floor" || name == "aten::ceil") {
    if (!(x > -9e18 && x < 9e18)) return {};
    return value::of(static_cast<std::int64_t>(name == "aten::floor" ? numerics::floor(x)
                                                                     : -numerics::floor(-x)));
  }
  if (name == "aten::sqrt") return x >= 0 ? answer(value::of(numerics::sqrt(x))) : answer();
  if (name == "aten::log") return x > 0 ? answer(value::of(numerics::log(x))) : answer();
  if (name == "aten::exp") return value::of(numerics::exp(x));
  if (name == "aten::sin") return value::of(numerics::sin(x));
  if (name == "aten::cos") return value::of(numerics::cos(x));
  if (name == "aten::round") return value::of(numerics::rint(x));
  const value negative = integer ? wrapped(0 - static_cast<std::uint64_t>(v.i)) : value::of(-x);
  if (name == "aten::neg") return negative;
  if (name != "aten::abs") return {};
  if (integer) return v.i < 0 ? negative : v;
  return value::of(x < 0 ? -x : x);
}
inline answer compared(std::string_view name, auto x, auto y) {
  if (name == "aten::gt") return value::of(x > y);
  if (name == "aten::lt") return value::of(x < y);
  if (name == "aten::ge") return value::of(x >= y);
  if (name == "aten::le") return value::of(x <= y);
  return {};
}
inline answer equality(const scalar_call& a) {
  if (a["a"].is(kind::tensor) || a["b"].is(kind::tensor)) return {};  // data decides
  const auto same = equal(a["a"], a["b"]);
  if (!same) return {};
  return value::of((a.name == "aten::eq") == *same);
}
inline answer of_integers(std::string_view name, std::int64_t x, std::int64_t y) {
  const auto u = static_cast<std::uint64_t>(x), v = static_cast<std::uint64_t>(y);
  if (name == "aten::add") return wrapped(u + v);
  if (name == "aten::sub") return wrapped(u - v);
  if (name == "aten::mul") return wrapped(u * v);
  const bool remainder = name == "aten::remainder";
  if (!remainder && name != "aten::floordiv" && name != "aten::floor_divide")
    return compared(name, x, y);
  if (y == 0 || (y == -1 && x == INT64_MIN)) return invalid("division", std::to_string(y));
  const std::int64_t quotient = x / y, rest = x % y;
  const bool down = rest != 0 && (rest < 0) != (y < 0);
  if (remainder) return value::of(down ? rest + y : rest);
  return value::of(down ? quotient - 1 : quotient);
}
/// Comparisons, and arithmetic of two numbers. `alpha` of sums and differences is 1.
inline answer of_two(const scalar_call& a) {
  const value left = a["a"], right = a["b"];
  const std::string_view name = a.name;
  double x = 0, y = 0;
  if (!read_number(left, x) || !read_number(right, y)) return {};
  if (left.is(kind::integer) && right.is(kind::integer)) return of_integers(name, left.i, right.i);
  if (name == "aten::add") return value::of(x + y);
  if (name == "aten::sub") return value::of(x - y);
  if (name == "aten::mul") return value::of(x * y);
  if ((name == "aten::floordiv" || name == "aten::floor_divide") && y != 0)
    return value::of(numerics::floor(numerics::div(x, y)));
  return compared(name, x, y);
}
/// x + alpha * y and x - alpha * y: what programs write of numbers has no alpha but 1.
inline answer of_sum(const scalar_call& a) {
  if (a.has("alpha") && !equal(a["alpha"], value::of(std::int64_t{1})).value_or(false)) return {};
  return of_two(a);
}
inline answer of_bools(const scalar_call& a) {
  if (!a["a"].is(kind::boolean) || !a["b"].is(kind::boolean)) return {};
  return value::of(a.name == "aten::__and__" ? a["a"].b && a["b"].b : a["a"].b || a["b"].b);
}
/// A quotient is a real number; with a rounding mode that of two whole numbers is whole.
inline answer quotient(const scalar_call& a) {
  const value left = a["a"], right = a["b"], mode = a["rounding_mode"];
  double x = 0, y = 0;
  if (!read_number(left, x) || !read_number(right, y) || !(y != 0)) return {};
  if (mode.is(kind::none)) return value::of(x / y);
  if (!mode.is(kind::string)) return {};
  const bool down = mode.c->text == "floor";
  if (!down && mode.c->text != "trunc") return {};
  if (left.is(kind::integer) && right.is(kind::integer)) {
    if (down) return of_integers("aten::floordiv", left.i, right.i);
    if (right.i == -1 && left.i == INT64_MIN) return invalid("division", "-1");
    return value::of(left.i / right.i);
  }
  const double q = numerics::div(x, y);
  return value::of(down || q >= 0 ? numerics::floor(q) : -numerics::floor(-q));
}
inline answer power(const scalar_call& a) {
  double x = 0, y = 0;
  if (a["a"].is(kind::boolean) || !read_number(a["a"], x) || !read_number(a["b"], y)) return {};
  return value::of(numerics::pow(x, y));
}
/// divmod(a, b) of whole numbers.
inline answer quotient_and_rest(const scalar_call& a) {
  const value left = a["a"], right = a["b"];
  if (!left.is(kind::integer) || !right.is(kind::integer)) return {};
  const answer whole = of_integers("aten::floordiv", left.i, right.i),
               rest = of_integers("aten::remainder", left.i, right.i);
  if (!*whole) return whole;
  return a.c.values.list({**whole, **rest}, kind::tuple);
}
inline answer extreme_of_two(const scalar_call& a) {
  const value left = a["a"], right = a["b"];
  const bool least = a.name == "prim::min";
  if (left.is(kind::integer) && right.is(kind::integer))
    return value::of(least ? std::min(left.i, right.i) : std::max(left.i, right.i));
  double x = 0, y = 0;
  if (!read_number(left, x) || !read_number(right, y)) return {};
  return value::of(least ? std::min(x, y) : std::max(x, y));
}

inline constexpr scalar_row all[] = {
    {"prim::device", "a", &device_of_tensor},
    {"prim::is_cuda", "a", &is_other},
    {"prim::is_nested", "a", &is_other},
    {"prim::requires_grad", "a", &is_other},
    {"prim::type", "a", &device_of_name},
    {"prim::dtype", "a", &type_of_tensor},
    {"prim::is_quantized", "a", &is_quantized_tensor},
    {"prim::NumToTensor", "a", &number_of_traced},
    {"prim::unchecked_unwrap_optional", "optional", &not_none},
    {"prim::min", "self", &extreme_of_list},
    {"prim::max", "self", &extreme_of_list},
    {"prim::min", "a, b", &extreme_of_two},
    {"prim::max", "a, b", &extreme_of_two},

    {"aten::size", "self", &sizes},
    {"aten::size", "self, dim", &size_along},
    {"aten::dim", "self", &rank},
    {"aten::numel", "self", &count},
    {"aten::is_floating_point", "self", &is_floating_point},
    {"aten::q_scale", "self", &quantization_of},
    {"aten::q_zero_point", "self", &quantization_of},

    {"aten::warn", "message, stacklevel?", &nothing},
    {"aten::warnings", "message?", &nothing},
    {"aten::format", "self, a?, b?, c?, d?, e?, f?, g?, h?", &format_text},
    {"aten::percentFormat", "self, a?, b?, c?, d?, e?, f?, g?, h?", &format_text},
    {"aten::join", "self, values", &joined_texts},
    {"aten::item", "self", &only_element},
    {"aten::is_autocast_enabled", "device?", &is_off},
    {"aten::is_autocast_cpu_enabled", "", &is_off},
    {"aten::is_grad_enabled", "", &is_off},
    {"aten::device", "a", &device_of_name},
    {"aten::__not__", "self", &negated},
    {"aten::__is__", "self, obj", &is_none},
    {"aten::__isnot__", "self, obj", &is_none},
    {"aten::_unwrap_optional", "optional", &unwrapped},
    {"aten::len", "a", &length},
    {"aten::__contains__", "l, item", &contains},
    {"aten::__getitem__", "list, idx", &get_item},
    {"aten::keys", "self", &of_dict},
    {"aten::values", "self", &of_dict},
    {"aten::items", "self", &of_dict},
    {"aten::list", "l", &copy_of_list},
    {"aten::_set_item", "l, idx, el", &put_item},
    {"aten::append", "self, el", &append},
    {"aten::extend", "self, other", &extend},
    {"aten::add_", "self, other", &extend},
    {"aten::insert", "self, idx, el", &insert},
    {"aten::pop", "self, idx?", &pop},
    {"aten::Delete", "self, idx", &delete_item},
    {"aten::reverse", "self", &reverse},
    {"aten::clear", "self", &clear},
    {"aten::sort", "self, reverse?", &sort_numbers},
    {"aten::index", "self, el", &of_element},
    {"aten::count", "self, el", &of_element},
    {"aten::remove", "self, el", &of_element},
    {"aten::any", "self", &of_all},
    {"aten::all", "self", &of_all},
    {"aten::get", "self, key, default_value?", &get_or},
    {"aten::copy", "l", &copy_of_list},
    {"aten::find", "self, part, start?, end?", &of_text},
    {"aten::startswith", "self, part, start?, end?", &of_text},
    {"aten::endswith", "self, part, start?, end?", &of_text},
    {"aten::lower", "self", &other_case},
    {"aten::upper", "self", &other_case},
    {"aten::add", "a, b", &joined_text},
    {"aten::slice", "l, start?, end?, step?", &slice},
    {"aten::sum", "self", &sum},
    {"aten::mul", "l, n", &repeated},
    {"aten::add", "a, b", &joined},
    {"aten::__derive_index", "index, start, step", &derive_index},
    {"aten::__range_length", "lo, hi, step", &range_length},

    {"aten::Int", "a", &of_number},
    {"aten::IntImplicit", "a", &of_number},
    {"aten::ScalarImplicit", "a", &of_number},
    {"aten::Float", "a", &of_number},
    {"aten::FloatImplicit", "a", &of_number},
    {"aten::Bool", "a", &of_number},
    {"aten::floor", "a", &of_number},
    {"aten::ceil", "a", &of_number},
    {"aten::sqrt", "a", &of_number},
    {"aten::log", "a", &of_number},
    {"aten::exp", "a", &of_number},
    {"aten::sin", "a", &of_number},
    {"aten::cos", "a", &of_number},
    {"aten::round", "a", &of_number},
    {"aten::abs", "a", &of_number},
    {"aten::neg", "a", &of_number},
    {"aten::eq", "a, b", &equality},
    {"aten::ne", "a, b", &equality},
    {"aten::gt", "a, b", &of_two},
    {"aten::lt", "a, b", &of_two},
    {"aten::ge", "a, b", &of_two},
    {"aten::le", "a, b", &of_two},
    {"aten::add", "a, b, alpha?", &of_sum},
    {"aten::sub", "a, b, alpha?", &of_sum},
    {"aten::mul", "a, b", &of_two},
    {"aten::div", "a, b, rounding_mode?", &quotient},
    {"aten::floordiv", "a, b", &of_two},
    {"aten::floor_divide", "a, b", &of_two},
    {"aten::remainder", "a, b", &of_two},
    {"aten::divmod", "a, b", &quotient_and_rest},
    {"aten::pow", "a, b", &power},
    {"aten::__and__", "a, b", &of_bools},
    {"aten::__or__", "a, b", &of_bools},
};

}  // namespace scalar_rows

class scalar_operators {
 public:
  explicit scalar_operators(context& c) : c_(c) {}

  answer run(const std::string& name, const value_list& given, const keyword_arguments& keywords) {
    for (const value& v : given)  // most look at every element
      if (v.is_sequence() || v.is(kind::dict))
        if (auto s = c_.build.work.spend(v.c->items.size()); !s) return s.error();
    if (auto r = traced_numbers(name, given, keywords)) return r;
    if (auto r = of_unknown(name, given)) return r;
    for (const scalar_row& row : scalar_rows::all) {
      if (row.name != name) continue;
      const scalar_call call(c_, name, row.parameters, given, keywords);
      if (!call.fits()) continue;
      auto r = row.compute(call);
      if (c_.mistake) return *c_.mistake;
      if (r) return r;
    }
    return {};
  }

 private:
  /// Traced programs keep numbers as constants without axes: with another number beside them they
  /// are that number.
  answer traced_numbers(const std::string& name, const value_list& given,
                        const keyword_arguments& keywords) {
    constexpr std::string_view arithmetic[] = {"aten::add",          "aten::sub",
                                               "aten::mul",          "aten::div",
                                               "aten::floor_divide", "aten::floordiv",
                                               "aten::remainder",    "aten::Int",
                                               "aten::IntImplicit",  "aten::ScalarImplicit",
                                               "aten::Float",        "aten::FloatImplicit",
                                               "aten::Bool",         "aten::pow",
                                               "aten::sqrt"};
    if (std::find(std::begin(arithmetic), std::end(arithmetic), name) == std::end(arithmetic))
      return {};
    bool any = false;
    value_list numbers = given;
    for (value& v : numbers) {
      if (!number_like(v)) return {};
      if (!v.is(kind::tensor)) continue;
      const auto n = c_.scalar_of(*v.t);
      if (!n) return n;
      v = *n;
      any = true;
    }
    if (!any) return {};
    return run(name, numbers, keywords);
  }
  bool number_like(const value& v) const {
    return v.is(kind::integer) || v.is(kind::real) ||
           (v.is(kind::tensor) && v.t->rank() == 0 && c_.known(*v.t));
  }
  static answer of_unknown(std::string_view name, const value_list& given) {
    constexpr std::string_view names[] = {"aten::size", "aten::len", "aten::dim",
                                          "aten::eq",   "aten::ne",  "aten::gt",
                                          "aten::lt",   "aten::ge",  "aten::le"};
    if (std::find(std::begin(names), std::end(names), name) == std::end(names)) return {};
    for (const value& v : given)
      if (v.is(kind::unknown)) return v;
    return {};
  }

  context& c_;
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_SCALARS_HPP_

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// Text of a member of the archive, "code/__torch__/torch/nn.py"; nothing where there is no such
/// file.
using code_source = std::function<std::optional<result<constant_data>>(const std::string& member)>;

/// Calls of submodules are inlined, branches are decided by constants, loops whose ends constants
/// decide are unrolled; where the input's data decides a branch, both sides are computed and their
/// tensors chosen from. limits::work bounds statements and expressions, limits::depth those within
/// one another; a program that needs more is refused. After an error the context tells the place,
/// and the interpreter is of no more use.
class interpreter {
 public:
  static constexpr std::size_t most_code = std::size_t{1} << 21;  // large networks: 300 KB
  static constexpr std::size_t longest_path = 4096;  // of a module; every call copies it
  /// Steps of limits::work that a statement or an expression takes: 100 ns.
  static constexpr std::size_t steps = 64;

  interpreter(context& c, emitter& e, code_source source)
      : c_(c), emit_(e), scalars_(c), source_(std::move(source)) {}

  /// CONSTANTS.c0, CONSTANTS.c1, ...
  void set_constants(const value& v) { constants_ = v; }

  /// The parameters of the root object's forward, without self.
  result<const function_def*> forward_of(const value& root) {
    if (!root.is(kind::object))
      return malformed("data.pkl does not hold a module", std::string(name_of(root.what)));
    const auto forward = find_method(root.c->text, "forward");
    if (forward && !*forward) return unsupported("the module has no forward method", root.c->text);
    return forward;
  }
  result<value> call_forward(const value& root, std::vector<value> arguments) {
    const auto f = forward_of(root);
    if (!f) return f.error();
    arguments.insert(arguments.begin(), root);
    return call(**f, arguments, {});
  }

 private:
  // What calls itself and what that calls are functions on their own, never inlined: a frame holds
  // what one of them needs, not the errors that all of them might make.
  using scope = std::unordered_map<std::string, value>;
  enum class flow : std::uint8_t {
    next,
    returned,
    stopped
  };  // stopped: at a branch that an unsupported operator would decide

  // ---- definitions: null where the archive has none of that name ----

  OCTET_NOINLINE result<const code_file*> parsed(const std::string& module) {
    if (const auto it = files_.find(module); it != files_.end()) return it->second.get();
    auto& to = files_[module];
    std::string member = "code/" + module;
    std::replace(member.begin() + 5, member.end(), '.', '/');
    member += ".py";
    const auto text = source_(member);
    if (!text) return nullptr;
    if (!*text) return text->error();
    const auto bytes = (*text)->bytes;
    code_bytes_ = saturating_add(code_bytes_, bytes.size());
    if (code_bytes_ > most_code)
      return too_large("code of the archive", {}, std::to_string(most_code) + " bytes");
    auto f = std::make_unique<code_file>();
    const std::string_view code(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (auto s = code_parser(code, member, *f, c_.build.max).parse(); !s) return s.error();
    to = std::move(f);
    return to.get();
  }
  static std::pair<std::string, std::string> split(const std::string& qualified) {
    const std::size_t dot = qualified.rfind('.');
    return dot == std::string::npos
               ? std::pair<std::string, std::string>{"", qualified}
               : std::pair{qualified.substr(0, dot), qualified.substr(dot + 1)};
  }
  OCTET_NOINLINE result<const class_def*> find_class(const std::string& qualified) {
    const auto [module, name] = split(qualified);
    const auto f = parsed(module);
    if (!f) return f.error();
    if (!*f) return nullptr;
    const auto it = (*f)->classes.find(name);
    return it == (*f)->classes.end() ? nullptr : &it->second;
  }
  OCTET_NOINLINE result<const function_def*> find_function(const std::string& qualified) {
    const auto [module, name] = split(qualified);
    const auto f = parsed(module);
    if (!f) return f.error();
    if (!*f) return nullptr;
    const auto it = (*f)->functions.find(name);
    return it == (*f)->functions.end() ? nullptr : it->second;
  }
  OCTET_NOINLINE result<const function_def*> find_method(const std::string& qualified,
                                                         std::string_view name) {
    const auto cls = find_class(qualified);
    if (!cls) return cls.error();
    if (!*cls) return nullptr;
    const auto it = (*cls)->methods.find(name);
    return it == (*cls)->methods.end() ? nullptr : it->second;
  }

  // ---- objects ----

  /// Attributes from the object's state: a dict directly, anything else through __setstate__.
  OCTET_NOINLINE status build(cell& o) {
    if (o.built) return unit{};
    o.built = true;
    if (o.items.empty()) return unit{};
    const value state = o.items[0];
    if (state.is(kind::dict)) {
      for (std::size_t i = 0; i + 1 < state.c->items.size(); i += 2)
        if (state.c->items[i].is(kind::string))
          o.attrs[state.c->items[i].c->text] = state.c->items[i + 1];
      return unit{};
    }
    if (is_packed_class(o.text)) return unit{};
    const auto method = find_method(o.text, "__setstate__");
    if (!method) return method.error();
    if (!*method)
      return unsupported("an object whose state is not a dict and whose class has no __setstate__",
                         o.text);
    value self;
    self.what = kind::object;
    self.c = &o;
    const auto done = call(**method, {self, state}, {});
    if (!done) return done.error();
    return unit{};
  }
  OCTET_NOINLINE result<value> attribute(const value& base, const std::string& name) {
    if (base.is(kind::unknown)) return base;
    if (base.is(kind::tuple) && !base.c->text.empty()) {
      const auto cls = find_class(base.c->text);
      if (!cls) return cls.error();
      if (auto s = c_.build.work.spend(base.c->items.size()); !s) return s.error();
      for (std::size_t i = 0; *cls && i < (*cls)->fields.size() && i < base.c->items.size(); ++i)
        if ((*cls)->fields[i] == name) return base.c->items[i];
    }
    if (!base.is(kind::object))
      return invalid("attribute " + name + " of something that is not a module",
                     std::string(name_of(base.what)));
    cell& o = *base.c;
    if (auto s = build(o); !s) return s.error();
    const auto it = o.attrs.find(name);
    if (it == o.attrs.end()) return class_constant(o, name);
    const value v = it->second;
    if (v.is(kind::object) && v.c->path.empty()) {
      v.c->path = o.path.empty() ? name : o.path + "." + name;
      c_.values.count(v.c->path.size());
      if (v.c->path.size() > longest_path)
        return too_large("path of a module", {}, std::to_string(longest_path) + " bytes");
    }
    return v;
  }
  /// `name : Final[int] = 2` in the object's class.
  OCTET_NOINLINE result<value> class_constant(const cell& o, const std::string& name) {
    const auto cls = find_class(o.text);
    if (!cls) return cls.error();
    const expression* constant = nullptr;
    if (*cls)
      if (const auto it = (*cls)->constants.find(name); it != (*cls)->constants.end())
        constant = it->second;
    const nested inside(depth_);
    if (!constant)
      return invalid("module " + std::string(last_name(o.text)) + " has no attribute " + name);
    scope none;
    return evaluate(*constant, none);
  }

  // ---- calls ----

  OCTET_NOINLINE result<value> call(const function_def& f, const std::vector<value>& arguments,
                                    const keyword_arguments& keywords) {
    const nested inside(depth_);
    if (auto s = enter(); !s) return s.error();
    const std::string file = c_.file, module = c_.module;
    const std::int32_t line = c_.line;
    c_.file = f.file;
    c_.line = f.line;
    if (!f.parameters.empty() && !arguments.empty() && arguments[0].is(kind::object) &&
        f.name != "__setstate__")
      c_.module = arguments[0].c->path;
    scope names;
    if (auto s = bind(f, arguments, keywords, names); !s) return s.error();
    value returned;
    const auto end = run(f.body, names, returned);
    if (!end) return end.error();
    if (*end == flow::stopped) returned = value::unknown();
    emit_.name_result(returned, c_.module);
    c_.file = file;
    c_.module = module;
    c_.line = line;
    return returned;
  }
  OCTET_NOINLINE status bind(const function_def& f, const std::vector<value>& arguments,
                             const keyword_arguments& keywords, scope& names) {
    if (arguments.size() > f.parameters.size())
      return invalid("arguments of " + f.name, std::to_string(arguments.size()),
                     std::to_string(f.parameters.size()));
    if (auto s = c_.build.work.spend((keywords.size() + 1) * f.parameters.size()); !s) return s;
    for (std::size_t i = 0; i < f.parameters.size(); ++i) {
      const auto& p = f.parameters[i];
      const auto keyword = std::find_if(keywords.begin(), keywords.end(),
                                        [&](const auto& k) { return k.first == p.name; });
      if (i < arguments.size()) {
        names[p.name] = arguments[i];
      } else if (keyword != keywords.end()) {
        names[p.name] = keyword->second;
      } else if (p.otherwise) {
        const auto v = evaluate(*p.otherwise, names);
        if (!v) return v.error();
        names[p.name] = *v;
      } else {
        return invalid("argument " + p.name + " of " + f.name + " is missing");
      }
    }
    return unit{};
  }

  // ---- statements ----

  /// One more call, block or expression within another, as long as this exists.
  struct nested {
    explicit nested(std::size_t& d) : depth(d) { ++depth; }
    ~nested() { --depth; }
    nested(const nested&) = delete;
    nested& operator=(const nested&) = delete;
    std::size_t& depth;
  };
  OCTET_NOINLINE status enter() {
    if (auto s = c_.build.work.spend(steps); !s) return s;
    if (c_.values.full()) return too_large("values of the program");
    return within_limit(&limits::depth, c_.build.max, "calls and expressions within one another",
                        depth_);
  }
  OCTET_NOINLINE result<flow> run(const std::vector<const statement*>& body, scope& names,
                                  value& returned) {
    const nested inside(depth_);
    for (const statement* s : body) {
      if (auto entered = enter(); !entered) return entered.error();
      c_.line = s->line;
      const auto f = run(*s, names, returned);
      if (!f || *f != flow::next) return f;
    }
    return flow::next;
  }
  OCTET_NOINLINE result<flow> run(const statement& s, scope& names, value& returned) {
    switch (s.what) {
      case statement::form::pass: return flow::next;
      case statement::form::evaluate:
        if (const auto v = evaluate(*s.value, names); !v) return v.error();
        return flow::next;
      case statement::form::assign:
        if (auto done = assign(s, names); !done) return done.error();
        return flow::next;
      case statement::form::give_back: {
        const auto v = s.value ? evaluate(*s.value, names) : result<value>(value{});
        if (!v) return v.error();
        returned = *v;
        return flow::returned;
      }
      case statement::form::branch: {
        const auto v = evaluate(*s.value, names);
        if (!v) return v.error();
        if (v->is(kind::unknown)) return flow::stopped;
        if (v->is(kind::tensor) && !c_.known(*v->t)) return both(s, *v->t, names, returned);
        const auto taken = truth(*v);
        if (!taken) return taken.error();
        return run(*taken ? s.body : s.otherwise, names, returned);
      }
      case statement::form::loop: return loop(s, names, returned);
      case statement::form::repeat: return repeat(s, names, returned);
      case statement::form::inside: return inside_context(s, names, returned);
      case statement::form::define: return define(s, names);
    }
    return flow::next;
  }
  /// What fork runs beside the rest runs at once; its name is its result's.
  OCTET_NOINLINE result<flow> define(const statement& s, scope& names) {
    if (!s.value || s.value->what != expression::form::name) return invalid("a function's name");
    if (auto work = c_.build.work.spend(names.size()); !work) return work.error();
    scope inner = names;
    value made;
    const auto end = run(s.body, inner, made);
    if (!end) return end.error();
    names[s.value->text] = *end == flow::stopped ? value::unknown() : made;
    return flow::next;
  }
  /// `with`: of contexts that change no number.
  OCTET_NOINLINE result<flow> inside_context(const statement& s, scope& names, value& returned) {
    const auto v = evaluate(*s.value, names);
    if (!v) return v.error();
    const std::string_view of =
        v->is(kind::object) ? last_name(v->c->text) : std::string_view(name_of(v->what));
    if (of != "no_grad" && of != "enable_grad" && of != "inference_mode" && of != "record_function")
      return unsupported("a with statement", std::string(of),
                         "no_grad, enable_grad, inference_mode, record_function");
    return run(s.body, names, returned);
  }
  OCTET_NOINLINE result<flow> loop(const statement& s, scope& names, value& returned) {
    const auto over = evaluate(*s.value, names);
    if (!over) return over.error();
    if (over->is(kind::unknown)) return flow::stopped;
    if (!over->is(kind::integer))
      return unsupported("a loop over something that is not a range",
                         std::string(name_of(over->what)));
    // Ends by limits::work at the latest: an empty body counts too.
    for (std::int64_t i = 0; i < over->i; ++i) {
      if (auto counted = c_.build.work.spend(steps); !counted) return counted.error();
      names[s.targets[0]->text] = value::of(i);
      const auto f = run(s.body, names, returned);
      if (!f || *f != flow::next) return f;
    }
    return flow::next;
  }
  /// `while` on what is known: limits::work ends it at the latest.
  OCTET_NOINLINE result<flow> repeat(const statement& s, scope& names, value& returned) {
    for (;;) {
      if (auto counted = c_.build.work.spend(steps); !counted) return counted.error();
      const auto v = evaluate(*s.value, names);
      if (!v) return v.error();
      if (v->is(kind::unknown)) return flow::stopped;
      if (v->is(kind::tensor) && !c_.known(*v->t))
        return unsupported("a while loop that depends on the input's data");
      const auto again = truth(*v);
      if (!again) return again.error();
      if (!*again) return flow::next;
      const auto f = run(s.body, names, returned);
      if (!f || *f != flow::next) return f;
    }
  }
  /// A branch that the input's data decides: both sides run, and each name that differs becomes a
  /// choice between the two values.
  OCTET_NOINLINE result<flow> both(const statement& s, tensor_data& condition, scope& names,
                                   value& returned) {
    if (condition.elements() != 1)
      return unsupported("a branch that depends on the input's data",
                         std::to_string(condition.elements()) + " elements", "one");
    value decides = value_of_tensor(condition);
    if (condition.type != scalar::boolean) {
      const auto zero = emit_.operation("aten::ne", {decides, value::of(std::int64_t{0})}, {});
      if (!zero) return zero.error();
      decides = *zero;
    }
    if (auto copied = c_.build.work.spend(steps * names.size()); !copied) return copied.error();
    scope taken = names, otherwise = names;
    ++branches_;
    const std::size_t before = std::exchange(made_before_branch_, c_.values.tensors());
    const auto a = run(s.body, taken, returned), b = a ? run(s.otherwise, otherwise, returned) : a;
    made_before_branch_ = before;
    --branches_;
    if (!b) return b.error();
    if (*a == flow::stopped || *b == flow::stopped) return flow::stopped;
    if (*a != flow::next || *b != flow::next)
      return unsupported("a return inside a branch that depends on the input's data");
    for (auto& [name, v] : taken) {
      const auto other = otherwise.find(name);
      if (other == otherwise.end()) continue;  // of this side alone: nothing after it can read it
      const value& w = other->second;
      if (same_value(v, w)) {
        names[name] = v;
        continue;
      }
      if (v.is(kind::unknown) || w.is(kind::unknown)) {
        names[name] = value::unknown();
        continue;
      }
      if (!v.is(kind::tensor) || !w.is(kind::tensor))
        return unsupported(
            "a branch that depends on the input's data and decides more than tensors",
            name + ": " + std::string(name_of((v.is(kind::tensor) ? w : v).what)), "Tensor");
      const auto chosen = emit_.operation("aten::where", {decides, v, w}, {});
      if (!chosen) return chosen.error();
      names[name] = *chosen;
    }
    return flow::next;
  }
  static value value_of_tensor(tensor_data& t) {
    value v;
    v.what = kind::tensor;
    v.t = &t;
    return v;
  }
  static bool same_value(const value& v, const value& w) {
    if (v.what != w.what) return false;
    if (v.is(kind::tensor)) return v.t == w.t;
    if (v.has_cell()) return v.c == w.c;
    return equal(v, w).value_or(false);
  }
  OCTET_NOINLINE status assign(const statement& s, scope& names) {
    const auto v = evaluate(*s.value, names);
    if (!v) return v.error();
    if (!s.unpack) return store(*s.targets[0], *v, names);
    const bool known = !v->is(kind::unknown);
    if (known && (!v->is_sequence() || v->c->items.size() != s.targets.size()))
      return invalid(
          "values to unpack",
          v->is_sequence() ? std::to_string(v->c->items.size()) : std::string(name_of(v->what)),
          std::to_string(s.targets.size()));
    for (std::size_t i = 0; i < s.targets.size(); ++i)
      if (auto done = store(*s.targets[i], known ? v->c->items[i] : *v, names); !done) return done;
    return unit{};
  }
  OCTET_NOINLINE status store(const expression& to, const value& v, scope& names) {
    if (to.what == expression::form::name) {
      names[to.text] = v;
      emit_.name_value(v, c_.module, to.text);
      return unit{};
    }
    if (to.what == expression::form::attribute) {
      const auto base = evaluate(*to.items[0], names);
      if (!base) return base.error();
      if (base->is(kind::unknown)) return unit{};
      if (base->is(kind::object)) {
        if (branches_ > 0) return changes_state();
        base->c->attrs[to.text] = v;
        return unit{};
      }
    }
    return unsupported("an assignment to something that is not a name or an attribute");
  }
  static error_info changes_state() {
    return unsupported("a module, list or tensor that changes where the input's data decides");
  }
  OCTET_NOINLINE result<bool> truth(const value& v) {
    if (v.is(kind::tensor)) {
      const auto n = c_.scalar_of(*v.t);
      if (!n) return n.error();
      return truth(*n);
    }
    double number = 0;
    if (v.is(kind::none)) return false;
    if (v.is(kind::integer)) return v.i != 0;
    if (read_number(v, number)) return number != 0;
    return unsupported("a condition of this kind", std::string(name_of(v.what)));
  }

  // ---- expressions ----

  /// "torch.nn.functional" for a chain of attributes whose first name is not a local; empty
  /// otherwise.
  static std::string dotted(const expression& e, const scope& names) {
    std::vector<const expression*> parts;  // from the last to the first
    const expression* at = &e;
    for (; at->what == expression::form::attribute; at = at->items[0]) parts.push_back(at);
    if (at->what != expression::form::name || names.find(at->text) != names.end()) return {};
    std::string path = at->text;
    for (std::size_t i = parts.size(); i-- > 0;) path += "." + parts[i]->text;
    return path;
  }
  static bool global_prefix(const std::string& s) {
    return s.starts_with("torch.") || s.starts_with("ops.") || s.starts_with("__torch__.");
  }

  OCTET_NOINLINE result<value> evaluate(const expression& e, scope& names) {
    const nested inside(depth_);
    if (auto s = enter(); !s) return s.error();
    switch (e.what) {
      case expression::form::none: return value{};
      case expression::form::boolean: return value::of(e.flag);
      case expression::form::integer: return value::of(e.i);
      case expression::form::real: return value::of(e.d);
      case expression::form::string: return c_.values.string(e.text);
      case expression::form::name: return variable(e, names);
      case expression::form::negative: return negative(e, names);
      case expression::form::list:
      case expression::form::tuple: return sequence(e, names);
      case expression::form::dict: return dict(e, names);
      case expression::form::attribute: return attribute_of(e, names);
      case expression::form::subscript: return subscript(e, names);
      case expression::form::call: return evaluate_call(e, names);
    }
    return value::unknown();
  }
  OCTET_NOINLINE result<value> variable(const expression& e, const scope& names) {
    if (const auto it = names.find(e.text); it != names.end()) return it->second;
    if (e.text == "inf") return value::of(std::numeric_limits<double>::infinity());
    return invalid("a name that nothing defines", e.text);
  }
  OCTET_NOINLINE result<value> negative(const expression& e, scope& names) {
    const auto v = evaluate(*e.items[0], names);
    if (!v || v->is(kind::unknown)) return v;
    if (v->is(kind::integer))
      return value::of(static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(v->i)));
    if (v->is(kind::real)) return value::of(-v->d);
    return invalid("minus of something that is not a number", std::string(name_of(v->what)));
  }
  OCTET_NOINLINE result<value> sequence(const expression& e, scope& names) {
    std::vector<value> items;
    for (const expression* i : e.items) {
      const auto v = evaluate(*i, names);
      if (!v) return v;
      items.push_back(*v);
    }
    return c_.values.list(std::move(items),
                          e.what == expression::form::list ? kind::list : kind::tuple);
  }
  /// Key, value, key, value; a key that comes twice keeps its first place and its last value.
  OCTET_NOINLINE result<value> dict(const expression& e, scope& names) {
    const value d = c_.values.make(kind::dict);
    for (std::size_t i = 0; i + 1 < e.items.size(); i += 2) {
      const auto k = evaluate(*e.items[i], names);
      if (!k) return k;
      const auto v = evaluate(*e.items[i + 1], names);
      if (!v) return v;
      set_item(*d.c, *k, *v);
    }
    return d;
  }
  OCTET_NOINLINE result<value> attribute_of(const expression& e, scope& names) {
    if (const std::string path = dotted(e, names); !path.empty()) {
      constexpr std::string_view constants = "CONSTANTS.c";
      if (path.starts_with(constants)) return constant(path.substr(constants.size()));
      if (global_prefix(path)) return c_.values.make(kind::global, path);
    }
    const auto base = evaluate(*e.items[0], names);
    if (!base) return base;
    return attribute(*base, e.text);
  }
  OCTET_NOINLINE result<value> subscript(const expression& e, scope& names) {
    const auto base = evaluate(*e.items[0], names);
    if (!base) return base;
    const auto index = evaluate(*e.items[1], names);
    if (!index) return index;
    if (base->is(kind::unknown) || index->is(kind::unknown)) return value::unknown();
    if (base->is(kind::dict))
      if (auto s = c_.build.work.spend(base->c->items.size()); !s) return s.error();
    return item(*base, *index);
  }
  OCTET_NOINLINE result<value> constant(const std::string& digits) {
    std::size_t i = 0;
    const auto r = std::from_chars(digits.data(), digits.data() + digits.size(), i);
    if (r.ec != std::errc() || r.ptr != digits.data() + digits.size() ||
        !constants_.is_sequence() || i >= constants_.c->items.size())
      return malformed("CONSTANTS has no such element", "c" + digits);
    const value v = constants_.c->items[i];
    if (v.is(kind::object) && v.c->path.empty()) v.c->path = "CONSTANTS.c" + digits;
    return v;
  }

  // ---- calls in expressions ----

  OCTET_NOINLINE result<value> evaluate_call(const expression& e, scope& names) {
    const expression& callee = *e.items[0];
    const std::string path = dotted(callee, names);
    if (auto s = c_.build.work.spend(path.size()); !s) return s.error();
    // Forms whose first argument is a type, not a value.
    if (path == "annotate" || path == "unchecked_cast") {
      if (e.items.size() != 3) return invalid("arguments of " + path);
      return evaluate(*e.items[2], names);
    }
    if (path == "uninitialized") return value{};
    std::vector<value> arguments;
    keyword_arguments keywords;
    for (std::size_t i = 1; i < e.items.size(); ++i) {
      const auto v = evaluate(*e.items[i], names);
      if (!v) return v;
      if (e.keywords[i].empty())
        arguments.push_back(*v);
      else
        keywords.emplace_back(e.keywords[i], *v);
    }
    c_.line = e.line;
    if ((path == "fork" || path == "torch.wait") && arguments.size() == 1) return arguments[0];
    if (!path.empty() && !global_prefix(path) && path.find('.') == std::string::npos)
      return builtin(path, arguments);
    if (!path.empty() && global_prefix(path)) return call_global(path, arguments, keywords);
    return call_value(callee, std::move(arguments), keywords, names);
  }
  /// A method of a module, or a value that holds a function's name.
  OCTET_NOINLINE result<value> call_value(const expression& callee, std::vector<value> arguments,
                                          const keyword_arguments& keywords, scope& names) {
    if (callee.what == expression::form::attribute) {
      const auto base = evaluate(*callee.items[0], names);
      if (!base || base->is(kind::unknown)) return base;
      if (base->is(kind::object)) return method(*base, callee.text, std::move(arguments), keywords);
      return unsupported("a method of something that is not a module: " + callee.text,
                         std::string(name_of(base->what)));
    }
    const auto f = evaluate(callee, names);
    if (!f || f->is(kind::unknown)) return f;
    if (!f->is(kind::global))
      return unsupported("a call of something that is not a function",
                         std::string(name_of(f->what)));
    return call_global(f->c->text, arguments, keywords);
  }
  /// "torch.relu", "ops.quantized.add", "__torch__.m.f".
  OCTET_NOINLINE result<value> call_global(const std::string& target,
                                           const std::vector<value>& arguments,
                                           const keyword_arguments& keywords) {
    constexpr std::string_view create = ".__new__";
    if (target.starts_with("__torch__.") && target.ends_with(create)) {
      const value made =
          c_.values.make(kind::object, target.substr(0, target.size() - create.size()));
      made.c->built = true;  // __init__, which the program calls next, gives it its attributes
      return made;
    }
    if (target.starts_with("__torch__.")) return call_own(target, arguments, keywords);
    constexpr std::string_view torch = "torch.", ops = "ops.";
    std::string name = target.starts_with(torch) ? "aten::" + target.substr(torch.size())
                                                 : target.substr(ops.size());
    if (const std::size_t dot = name.find('.'); dot != std::string::npos)
      name = name.substr(0, dot) + "::" + name.substr(dot + 1);
    return operation(name, arguments, keywords);
  }
  /// A function of the program, or a named tuple of it that is made.
  OCTET_NOINLINE result<value> call_own(const std::string& target,
                                        const std::vector<value>& arguments,
                                        const keyword_arguments& keywords) {
    const auto f = find_function(target);
    if (!f) return f.error();
    if (*f) return call(**f, arguments, keywords);
    const auto cls = find_class(target);
    if (!cls) return cls.error();
    if (!*cls || !(*cls)->named_tuple || !keywords.empty() ||
        arguments.size() != (*cls)->fields.size())
      return c_.missing_operator(target);
    const value made = c_.values.list(arguments, kind::tuple);
    made.c->text = target;
    return made;
  }
  OCTET_NOINLINE result<value> method(const value& self, const std::string& name,
                                      std::vector<value> arguments,
                                      const keyword_arguments& keywords) {
    if (auto s = build(*self.c); !s) return s.error();
    const auto f = find_method(self.c->text, name);
    if (!f) return f.error();
    if (!*f) return c_.missing_operator(self.c->text + "." + name);
    arguments.insert(arguments.begin(), self);
    return call(**f, arguments, keywords);
  }
  OCTET_NOINLINE result<value> builtin(const std::string& name, const std::vector<value>& a) {
    for (const value& v : a)
      if (v.is(kind::unknown)) return v;
    if (name == "print") return value{};
    if (name == "range" && a.size() == 1 && a[0].is(kind::integer)) return a[0];
    if (name == "str" && a.size() == 1 && a[0].is(kind::integer))
      return c_.values.string(std::to_string(a[0].i));
    if (name == "str" && a.size() == 1 && a[0].is(kind::string)) return a[0];
    if (name == "getattr" && a.size() == 2 && a[1].is(kind::string))
      return attribute(a[0], a[1].c->text);
    if (name == "len" && a.size() == 1 && a[0].is_sequence())
      return value::of(static_cast<std::int64_t>(a[0].c->items.size()));
    if (name != "float" && name != "int" && name != "bool") return c_.missing_operator(name + "()");
    if (a.size() != 1) return invalid("arguments of " + name);
    return converted(name, a[0]);
  }
  /// float(v), int(v), bool(v).
  OCTET_NOINLINE result<value> converted(const std::string& name, value v) {
    if (v.is(kind::tensor)) {
      // A number of the input's data stays a tensor: operators take it as one, int() does not.
      if (!c_.known(*v.t) && name != "int" && v.t->elements() == 1) return v;
      if (!c_.known(*v.t)) return unsupported("a whole number that depends on the input's data");
      const auto n = c_.scalar_of(*v.t);
      if (!n) return n;
      v = *n;
    }
    if (name == "float" && v.is(kind::string)) {
      if (v.c->text == "inf") return value::of(std::numeric_limits<double>::infinity());
      if (v.c->text == "-inf") return value::of(-std::numeric_limits<double>::infinity());
      if (v.c->text == "nan") return value::of(std::numeric_limits<double>::quiet_NaN());
    }
    double d = 0;
    if (!read_number(v, d)) return unsupported(name + "() of this", std::string(name_of(v.what)));
    if (name == "float") return value::of(d);
    if (name == "bool") return value::of(d != 0);
    if (v.is(kind::integer)) return v;
    if (!(d > -9e18 && d < 9e18)) return invalid("int() of this number");
    return value::of(static_cast<std::int64_t>(d));
  }
  /// torch.*, ops.*.*: computed where it is about numbers and lists, else a row's.
  OCTET_NOINLINE result<value> operation(const std::string& name, const std::vector<value>& a,
                                         const keyword_arguments& keywords) {
    if (name == "prim::RaiseException") {
      std::string text = !a.empty() && a[0].is(kind::string) ? a[0].c->text : std::string();
      for (char& ch : text)
        if (ch < 32 || ch > 126) ch = ' ';
      return invalid("the model's own code raises an exception", text.substr(0, 200));
    }
    if (branches_ > 0 && changes_items(name, a)) return changes_state();
    if (branches_ > 0 && changes_in_place(name) && !a.empty() && a[0].is(kind::tensor) &&
        (a[0].t->serial < made_before_branch_ || a[0].t->memory != 0))
      return changes_state();
    if (!a.empty() && a[0].has_cell())  // lists and dicts are walked
      if (auto s = c_.build.work.spend(a[0].c->items.size()); !s) return s.error();
    if (auto computed = scalars_.run(name, a, keywords)) return *computed;
    return emit_.operation(name, a, keywords);
  }

  context& c_;
  emitter& emit_;
  scalar_operators scalars_;
  code_source source_;
  value constants_;
  std::map<std::string, std::unique_ptr<code_file>> files_;
  std::size_t code_bytes_ = 0, depth_ = 0;
  int branches_ = 0;                    // open ones that the input's data decides
  std::size_t made_before_branch_ = 0;  // tensors
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_INTERPRET_HPP_
// ---- octet/import/torch/pickle.hpp
// The pickles of TorchScript archives: a subset of protocol 2, read into values. Nothing is ever
// executed.
#ifndef OCTET_IMPORT_TORCH_PICKLE_HPP_
#define OCTET_IMPORT_TORCH_PICKLE_HPP_

#include <bit>
#include <functional>
#include <limits>
#include <unordered_map>


OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// Size in bytes of the storage with that key; SIZE_MAX: there is none; SIZE_MAX - 1: not known, do
/// not check (traced inputs have no bytes).
using storage_size = std::function<std::size_t(const std::string& key)>;
inline constexpr std::size_t no_storage = std::numeric_limits<std::size_t>::max();
inline constexpr std::size_t unchecked_storage = no_storage - 1;

/// The opcodes that torch.jit.save writes, by the names of Python's pickletools.
enum class opcode : std::uint8_t {
  mark = '(',
  stop = '.',
  binint = 'J',
  binint1 = 'K',
  binint2 = 'M',
  none = 'N',
  binpersid = 'Q',
  reduce = 'R',
  binunicode = 'X',
  append = 'a',
  build = 'b',
  global = 'c',
  appends = 'e',
  binget = 'h',
  long_binget = 'j',
  binput = 'q',
  long_binput = 'r',
  setitem = 's',
  tuple = 't',
  setitems = 'u',
  binfloat = 'G',
  empty_tuple = ')',
  empty_list = ']',
  empty_dict = '}',
  proto = 0x80,
  newobj = 0x81,
  tuple1 = 0x85,
  tuple2 = 0x86,
  tuple3 = 0x87,
  newtrue = 0x88,
  newfalse = 0x89,
  long1 = 0x8a
};

/// Reads one pickle.
///
/// GLOBAL names only what is on the allow-list (TorchScript classes, storage types, tensor
/// rebuilders, list builders); REDUCE knows what each of those means. Limits: 64 MiB of text,
/// nesting of 256, the heap's number of values. Structures that contain themselves are refused: no
/// program can have them.
class unpickler {
 public:
  static constexpr std::size_t deepest = 256;
  static constexpr std::size_t most_text = std::size_t{1} << 26;

  unpickler(heap& h, std::span<const std::byte> bytes, std::string folder, storage_size sizes)
      : heap_(h), bytes_(bytes), folder_(std::move(folder)), sizes_(std::move(sizes)) {}

  result<value> load() {
    while (!done_) {
      op_at_ = at_;
      const int op = byte();
      if (op < 0) {
        fail("ends before STOP");
        break;
      }
      heap_.count(step_bytes);
      step(static_cast<opcode>(op));
      if (failed_) break;
      if (heap_.full()) {
        fail("too many values");
        error_.code = errc::too_large;
        break;
      }
    }
    if (failed_) return error_;
    if (auto s = check_cycles(root_); !s) return s.error();
    return root_;
  }

 private:
  /// What one opcode can add to stack and memo.
  static constexpr std::size_t step_bytes = sizeof(value) + 8;

  // ---- bytes
  int byte() { return at_ < bytes_.size() ? std::to_integer<int>(bytes_[at_++]) : -1; }
  std::uint64_t little(std::size_t n) {
    if (bytes_.size() - at_ < n) {
      fail("ends inside an argument");
      return 0;
    }
    std::uint64_t v = 0;
    for (std::size_t k = 0; k < n; ++k)
      v |= std::to_integer<std::uint64_t>(bytes_[at_ + k]) << (8 * k);
    at_ += n;
    return v;
  }
  std::string text(std::size_t n) {
    if (bytes_.size() - at_ < n || n > most_text - text_used_) {
      fail(n > most_text - text_used_ ? "too much text" : "ends inside a string");
      return {};
    }
    text_used_ += n;
    std::string s(reinterpret_cast<const char*>(bytes_.data() + at_), n);
    at_ += n;
    return s;
  }
  std::string line() {
    const std::size_t from = at_;
    while (at_ < bytes_.size() && bytes_[at_] != std::byte{'\n'}) ++at_;
    if (at_ == bytes_.size() || at_ - from > 4096) {
      fail("ends inside a name");
      return {};
    }
    return std::string(reinterpret_cast<const char*>(bytes_.data() + from), at_++ - from);
  }
  void fail(std::string what, std::string found = {}, std::string supported = {}) {
    if (failed_) return;
    failed_ = true;
    error_ = malformed("pickle, byte " + std::to_string(op_at_) + ": " + what, std::move(found),
                       std::move(supported));
  }

  // ---- stack
  void push(value v) { stack_.push_back(v); }
  value pop() {
    if (stack_.empty() || (!marks_.empty() && stack_.size() <= marks_.back())) {
      fail("takes a value from an empty stack");
      return {};
    }
    const value v = stack_.back();
    stack_.pop_back();
    return v;
  }
  std::vector<value> pop_to_mark() {
    if (marks_.empty()) {
      fail("has no MARK to go back to");
      return {};
    }
    const std::size_t m = marks_.back();
    marks_.pop_back();
    std::vector<value> v(stack_.begin() + static_cast<std::ptrdiff_t>(m), stack_.end());
    stack_.resize(m);
    return v;
  }
  value tuple(std::size_t n) {
    std::vector<value> v(n);
    for (std::size_t k = n; k-- > 0;) v[k] = pop();
    return heap_.list(std::move(v), kind::tuple);
  }
  void put(std::uint64_t key) {
    if (stack_.empty()) return fail("stores a value from an empty stack");
    heap_.count(sizeof(value) + 32);
    memo_[key] = stack_.back();
  }
  void get(std::uint64_t key) {
    const auto it = memo_.find(key);
    if (it == memo_.end())
      return fail("reads memo " + std::to_string(key) + ", which nothing stored");
    push(it->second);
  }
  /// Puts items into the list or dict on top of the stack.
  void extend(kind k, const std::vector<value>& items) {
    if (failed_) return;
    if (stack_.empty() || !stack_.back().is(k))
      return fail(k == kind::list ? "appends to something that is not a list"
                                  : "sets items of something that is not a dict");
    if (k == kind::dict && items.size() % 2 != 0) return fail("a dict with a key but no value");
    auto& to = stack_.back().c->items;
    heap_.count(items.size() * sizeof(value));
    to.insert(to.end(), items.begin(), items.end());
  }

  /// The last `count` values into the list or dict below them.
  void extend_by(kind k, std::size_t count) {
    std::vector<value> items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    extend(k, items);
  }

  void step(opcode op) {
    switch (op) {
      case opcode::proto:
        if (const int v = byte(); v != 2) fail("protocol", std::to_string(v), "2");
        return;
      case opcode::stop:
        root_ = pop();
        done_ = true;
        return;

      case opcode::mark:
        if (marks_.size() >= deepest)
          return fail("more than " + std::to_string(deepest) + " open MARKs");
        return marks_.push_back(stack_.size());
      case opcode::binput: return put(little(1));
      case opcode::long_binput: return put(little(4));
      case opcode::binget: return get(little(1));
      case opcode::long_binget: return get(little(4));

      case opcode::none: return push({});
      case opcode::newtrue: return push(value::of(true));
      case opcode::newfalse: return push(value::of(false));
      case opcode::binint: return push_integer(static_cast<std::int32_t>(little(4)));
      case opcode::binint1: return push_integer(static_cast<std::int64_t>(little(1)));
      case opcode::binint2: return push_integer(static_cast<std::int64_t>(little(2)));
      case opcode::long1: return long_integer();
      case opcode::binfloat: return real();
      case opcode::binunicode: return string();

      case opcode::empty_tuple: return push(heap_.list({}, kind::tuple));
      case opcode::tuple: return push(heap_.list(pop_to_mark(), kind::tuple));
      case opcode::tuple1: return push(tuple(1));
      case opcode::tuple2: return push(tuple(2));
      case opcode::tuple3: return push(tuple(3));
      case opcode::empty_list: return push(heap_.list({}));
      case opcode::append: return extend_by(kind::list, 1);
      case opcode::appends: return extend(kind::list, pop_to_mark());
      case opcode::empty_dict: return push(heap_.make(kind::dict));
      case opcode::setitem: return extend_by(kind::dict, 2);
      case opcode::setitems: return extend(kind::dict, pop_to_mark());

      case opcode::global: return global();
      case opcode::newobj: return new_object();
      case opcode::reduce: return reduce();
      case opcode::build: return build();
      case opcode::binpersid: return persistent(pop());
    }
    const auto code = static_cast<std::uint8_t>(op);
    constexpr char digits[] = "0123456789abcdef";
    fail("opcode outside the subset", std::string("0x") + digits[code >> 4] + digits[code & 15],
         "the opcodes of torch.jit.save, protocol 2");
  }

  // ---- numbers and strings
  void push_integer(std::int64_t v) { push(value::of(v)); }
  /// Little-endian two's complement of as many bytes as it needs.
  void long_integer() {
    const auto n = as_size(little(1));
    if (n > 8) return fail("an integer of more than 64 bits");
    std::uint64_t v = little(n);
    if (n > 0 && n < 8 && (v >> (8 * n - 1) & 1) != 0) v |= ~std::uint64_t{0} << (8 * n);
    push_integer(static_cast<std::int64_t>(v));
  }
  /// Big-endian, unlike all else.
  void real() {
    const std::uint64_t v = little(8);
    std::uint64_t swapped = 0;
    for (int k = 0; k < 8; ++k) swapped |= (v >> (8 * k) & 255) << (56 - 8 * k);
    push(value::of(std::bit_cast<double>(swapped)));
  }
  void string() {
    const auto n = as_size(little(4));
    if (!failed_) push(heap_.string(text(n)));
  }

  // ---- objects
  void new_object() {
    const value args = pop(), cls = pop();
    if (failed_) return;
    if (!cls.is(kind::global) || !cls.c->text.starts_with("__torch__."))
      return fail("NEWOBJ of something that is not a TorchScript class",
                  cls.is(kind::global) ? cls.c->text : std::string(name_of(cls.what)));
    if (!args.is(kind::tuple) || !args.c->items.empty()) return fail("NEWOBJ with arguments");
    push(heap_.make(kind::object, cls.c->text));
  }
  /// The state stays as it is until the program asks for an attribute.
  void build() {
    const value state = pop();
    if (failed_) return;
    if (stack_.empty() || !stack_.back().is(kind::object))
      return fail("BUILD of something that is not an object");
    if (!stack_.back().c->items.empty()) return fail("BUILD of an object twice");
    stack_.back().c->items.push_back(state);
  }

  static scalar storage_type(std::string_view name) {
    constexpr std::pair<std::string_view, scalar> known[] = {
        {"torch.FloatStorage", scalar::f32},     {"torch.DoubleStorage", scalar::f64},
        {"torch.HalfStorage", scalar::f16},      {"torch.BFloat16Storage", scalar::bf16},
        {"torch.LongStorage", scalar::s64},      {"torch.IntStorage", scalar::s32},
        {"torch.ShortStorage", scalar::s16},     {"torch.CharStorage", scalar::s8},
        {"torch.ByteStorage", scalar::u8},       {"torch.BoolStorage", scalar::boolean},
        {"torch.QInt8Storage", scalar::qint8},   {"torch.QUInt8Storage", scalar::quint8},
        {"torch.QInt32Storage", scalar::qint32}, {"torch.QUInt4x2Storage", scalar::quint4x2}};
    for (const auto& [n, s] : known)
      if (n == name) return s;
    return scalar::unknown;
  }
  void global() {
    const std::string module = line();
    std::string name = module + "." + line();
    if (failed_) return;
    constexpr std::string_view allowed[] = {"torch._utils._rebuild_tensor_v2",
                                            "torch._utils._rebuild_qtensor",
                                            "collections.OrderedDict",
                                            "torch.per_tensor_affine",
                                            "torch.per_channel_affine",
                                            "torch.per_channel_affine_float_qparams",
                                            "torch.device",
                                            "torch.jit._pickle.build_intlist",
                                            "torch.jit._pickle.build_tensorlist",
                                            "torch.jit._pickle.build_doublelist",
                                            "torch.jit._pickle.build_boollist",
                                            "torch.jit._pickle.restore_type_tag"};
    bool ok = name.starts_with("__torch__.") || storage_type(name) != scalar::unknown;
    for (std::string_view a : allowed) ok |= a == name;
    if (!ok)
      return fail("GLOBAL that is not on the allow-list", name,
                  "TorchScript classes, tensors, lists");
    push(heap_.make(kind::global, std::move(name)));
  }
  void persistent(const value& v) {
    if (failed_) return;
    enum : std::size_t { tag, type, key_of, device, elements, size };
    const auto fits = [](const std::vector<value>& p) {
      return p.size() == size && p[tag].is(kind::string) && p[tag].c->text == "storage" &&
             p[type].is(kind::global) && p[key_of].is(kind::string) &&
             p[elements].is(kind::integer);
    };
    if (!v.is(kind::tuple) || !fits(v.c->items))
      return fail("BINPERSID of something that is not a storage");
    const std::vector<value>& p = v.c->items;
    storage_data s;
    s.type = storage_type(p[type].c->text);
    if (s.type == scalar::unknown) return fail("storage type", p[type].c->text);
    s.elements = p[elements].i;
    const std::string& key = p[key_of].c->text;
    s.member = folder_ + key;
    const std::size_t bytes = sizes_(key), width = size_of(dtype_of_scalar(s.type));
    if (bytes == no_storage) return fail("storage without data in the archive", s.member);
    if (s.elements < 0 ||
        (bytes != unchecked_storage && saturating_mul(as_size(s.elements), width) > bytes))
      return fail("storage " + s.member + " is smaller than its number of elements",
                  std::to_string(bytes) + " bytes",
                  std::to_string(s.elements) + " elements of " + std::to_string(width) + " bytes");
    push(heap_.storage(std::move(s)));
  }
  void reduce() {
    const value args = pop(), function = pop();
    if (failed_) return;
    if (!function.is(kind::global) || !args.is(kind::tuple))
      return fail("REDUCE of something that is not a function of the allow-list");
    const std::string& name = function.c->text;
    const auto& a = args.c->items;
    if (name == "collections.OrderedDict") {
      push(heap_.make(kind::dict));
    } else if (name == "torch._utils._rebuild_tensor_v2") {
      tensor(a, false);
    } else if (name == "torch._utils._rebuild_qtensor") {
      tensor(a, true);
    } else if (name.starts_with("torch.jit._pickle.") || name == "torch.device") {
      if (a.empty()) return fail("REDUCE without arguments");
      push(a.front());  // the lists and tagged values themselves; their static types are not needed
    } else {
      fail("REDUCE of something that is not a function of the allow-list", name);
    }
  }
  void tensor(const std::vector<value>& a, bool quantized) {
    enum : std::size_t { storage, offset, extents, strides, quantizer, size };
    tensor_data t;
    if (a.size() < (quantized ? size : quantizer) || !a[storage].is(kind::storage) ||
        !a[offset].is(kind::integer) || !read_integers(a[extents], t.size) ||
        !read_integers(a[strides], t.stride))
      return fail("arguments of a tensor");
    t.storage = a[storage].s;
    t.type = t.storage->type;
    t.offset = a[offset].i;
    if (t.size.size() != t.stride.size() || t.size.size() > as_size(dims::max_rank))
      return fail(
          "rank of a tensor",
          std::to_string(t.size.size()) + " sizes, " + std::to_string(t.stride.size()) + " strides",
          "the same number, at most 8");
    if (is_quantized(t.type) != quantized)
      return fail("a quantized tensor on a storage that is not, or the other way round",
                  std::string(name_of(t.type)));
    if (!lies_in_storage(t)) return;
    if (quantized && !quantization(a[quantizer], t))
      return fail("quantization parameters of a tensor", {},
                  "per_tensor_affine, per_channel_affine");
    push(heap_.tensor(std::move(t)));
  }
  bool lies_in_storage(const tensor_data& t) {
    bool empty = false;  // an extent of 0 must not hide others that overflow
    std::size_t count = 1, last = t.offset < 0 ? no_storage : as_size(t.offset);
    for (std::size_t k = 0; k < t.size.size(); ++k) {
      if (t.size[k] < 0 || t.stride[k] < 0 || t.stride[k] > INT32_MAX) {
        fail("size or stride of a tensor",
             std::to_string(t.size[k]) + ", " + std::to_string(t.stride[k]), "0 to 2^31 - 1");
        return false;
      }
      count = saturating_mul(count, std::max<std::size_t>(as_size(t.size[k]), 1));
      empty |= t.size[k] == 0;
      if (t.size[k] > 0)
        last = saturating_add(last, saturating_mul(as_size(t.size[k] - 1), as_size(t.stride[k])));
    }
    if (count > max_elements)
      fail("a tensor of absurd size", std::to_string(count) + " elements", "at most 2^31 - 1");
    else if (!empty && last / (t.type == scalar::quint4x2 ? 2 : 1) >= as_size(t.storage->elements))
      fail("a tensor reaches beyond its storage", "element " + std::to_string(last),
           std::to_string(t.storage->elements) + " elements");
    return !failed_;
  }
  /// Per-channel scales are tensors themselves: their elements are read when the tensor is used
  /// (context::resolve_channels), here they are only linked.
  bool quantization(const value& v, tensor_data& t) {
    if (!v.is(kind::tuple) || v.c->items.size() < one_scale || !v.c->items[scheme].is(kind::global))
      return false;
    const auto& q = v.c->items;
    if (q[scheme].c->text == "torch.per_tensor_affine") return per_tensor(q, t);
    return q[scheme].c->text.starts_with("torch.per_channel_affine") && per_channel(q, t);
  }
  /// Places in a quantizer: with one scale, and with scales along an axis.
  enum quantizer_place : std::size_t {
    scheme,
    scale,
    zero_point,
    one_scale,
    axis = one_scale,
    scale_for_each
  };
  static bool per_tensor(const std::vector<value>& q, tensor_data& t) {
    if (!q[scale].is(kind::real) || !q[zero_point].is(kind::integer) ||
        q[zero_point].i < INT32_MIN || q[zero_point].i > INT32_MAX)
      return false;
    t.scales = {q[scale].d};
    t.zero_points = {static_cast<std::int32_t>(q[zero_point].i)};
    return true;
  }
  static bool per_channel(const std::vector<value>& q, tensor_data& t) {
    if (q.size() < scale_for_each || !q[scale].is(kind::tensor) ||
        !q[zero_point].is(kind::tensor) || !q[axis].is(kind::integer) || q[axis].i < 0 ||
        q[axis].i >= t.rank())
      return false;
    t.axis = static_cast<std::int32_t>(q[axis].i);
    const std::int64_t n = t.size[as_size(t.axis)];
    for (const tensor_data* list : {q[scale].t, q[zero_point].t})
      if (list->rank() != 1 || list->elements() != n) return false;
    t.channel_scales = q[scale].t;
    t.channel_zero_points = q[zero_point].t;
    return true;
  }

  /// Depth-first with an explicit stack; mark 1: on the path, 2: finished.
  status check_cycles(const value& root) {
    struct frame {
      cell* c;
      std::size_t next;
    };
    std::vector<frame> path;
    if (root.has_cell()) {
      root.c->mark = 1;
      path.push_back({root.c, 0});
    }
    while (!path.empty()) {
      frame& f = path.back();
      if (f.next == f.c->items.size()) {
        f.c->mark = 2;
        path.pop_back();
        continue;
      }
      const value& v = f.c->items[f.next++];
      if (!v.has_cell() || v.c->mark == 2) continue;
      if (v.c->mark == 1) return malformed("pickle: a structure that contains itself");
      if (path.size() >= deepest) return too_large("pickle: nesting", {}, std::to_string(deepest));
      v.c->mark = 1;
      path.push_back({v.c, 0});
    }
    return unit{};
  }

  heap& heap_;
  std::span<const std::byte> bytes_;
  std::string folder_;
  storage_size sizes_;
  std::size_t at_ = 0, op_at_ = 0, text_used_ = 0;
  std::vector<value> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, value> memo_;
  value root_;
  bool done_ = false, failed_ = false;
  error_info error_;
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_PICKLE_HPP_
// ---- octet/import/torch/rows.hpp
// All operators of serialized programs that octet runs: one row each.
#ifndef OCTET_IMPORT_TORCH_ROWS_HPP_
#define OCTET_IMPORT_TORCH_ROWS_HPP_

// ---- octet/import/torch/rows_algebra.hpp
// Rows of linear algebra, and of running extremes, composed of products, sums and choices.
#ifndef OCTET_IMPORT_TORCH_ROWS_ALGEBRA_HPP_
#define OCTET_IMPORT_TORCH_ROWS_ALGEBRA_HPP_

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
// ---- octet/import/torch/rows_composed.hpp
// Rows of operators that octet composes of others: of shapes alone, and of floats in PyTorch's
// order of operations.
#ifndef OCTET_IMPORT_TORCH_ROWS_COMPOSED_HPP_
#define OCTET_IMPORT_TORCH_ROWS_COMPOSED_HPP_

#include <algorithm>

// ---- octet/import/torch/rows_float.hpp
// Rows of float operators around quantized layers: functions of one value, sums and norms,
// normalizations, convolutions, matrix products, attention. What octet has no operator of is
// composed of those it has, in PyTorch's order of operations.
#ifndef OCTET_IMPORT_TORCH_ROWS_FLOAT_HPP_
#define OCTET_IMPORT_TORCH_ROWS_FLOAT_HPP_

#include <algorithm>

// ---- octet/import/torch/rows_index.hpp
// Rows that build, repeat, reorder and search tensors: stack, expand, flip, index, pixel_shuffle,
// max, topk, zeros, arange, meshgrid.
#ifndef OCTET_IMPORT_TORCH_ROWS_INDEX_HPP_
#define OCTET_IMPORT_TORCH_ROWS_INDEX_HPP_

#include <algorithm>

// ---- octet/import/torch/rows_shape.hpp
// Rows that only move or rename elements: views, permutations, pieces, padding.
#ifndef OCTET_IMPORT_TORCH_ROWS_SHAPE_HPP_
#define OCTET_IMPORT_TORCH_ROWS_SHAPE_HPP_

#include <algorithm>

// ---- octet/import/torch/rows_elementwise.hpp
// Rows of element by element operators: add, mul, cat, clamps, scalars, functions of one value;
// arithmetic, comparisons and choices of plain numbers.
#ifndef OCTET_IMPORT_TORCH_ROWS_ELEMENTWISE_HPP_
#define OCTET_IMPORT_TORCH_ROWS_ELEMENTWISE_HPP_

#include <algorithm>
#include <limits>


OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// What a real number becomes among the values of `like`, saturated.
inline std::int32_t quantized_value(double v, const tensor_data& like) {
  const dtype t = dtype_of_scalar(like.type);
  return std::clamp(laws::quantized_bound(laws::library::pytorch, static_cast<float>(v),
                                          like.scales[0], like.zero_points[0]),
                    static_cast<std::int32_t>(lowest_of(t)),
                    static_cast<std::int32_t>(highest_of(t)));
}
/// A single broadcast pixel (N,C,1,1) is both formats at once: the other operand decides.
inline bool channels_last_result(const tensor_data& x, const tensor_data& y) {
  return suggests_channels_last(x.elements() >= y.elements() ? x : y);
}

inline value value_of(tensor_data& t) {
  value v;
  v.what = kind::tensor;
  v.t = &t;
  return v;
}
/// The same value with strides of its own: views keep what PyTorch's strides say.
inline value with_strides(emitter& e, value v, std::vector<std::int64_t> strides) {
  v.t->stride = std::move(strides);
  if (!v.t->constant()) e.g[v.t->id].format = format_of(suggests_channels_last(*v.t));
  return v;
}
/// A view of `x`: its first element lies `by` behind that of x in memory.
inline value as_view(const value& v, const tensor_data& x, std::int64_t by = 0) {
  v.t->view = true;
  v.t->offset = x.offset + by;
  return v;
}
/// A new result of an operator that PyTorch writes to contiguous memory, whatever its input's is.
inline result<value> as_contiguous(emitter& e, const result<value>& v) {
  if (!v) return v;
  return with_strides(e, *v, contiguous_strides(v->t->size));
}
/// The same of codes with a scale for each channel: the product of PyTorch's kernel is binary64, so
/// the reals are read from a table of all codes of all channels.
inline result<value> dequantized_by_channel(emitter& e, const tensor_data& x, tensor_id in) {
  const std::vector<double> scales = e.g[in].scales;
  const std::vector<std::int32_t> zero_points = e.g[in].zero_points;
  const std::size_t axis = as_size(e.g[in].axis);
  const std::int32_t low = x.type == scalar::qint8 ? -128 : 0;
  if (auto s = e.c.build.make_constant(scales.size() * 256 * sizeof(float)); !s) return s.error();
  std::vector<float> table;
  std::vector<std::int32_t> first;  // of each channel, less its lowest code
  for (std::size_t k = 0; k < scales.size(); ++k) {
    first.push_back(static_cast<std::int32_t>(k) * 256 - low);
    for (std::int32_t code = low; code < low + 256; ++code)
      table.push_back(
          static_cast<float>(numerics::mul(scales[k], static_cast<double>(code - zero_points[k]))));
  }
  dims along = e.g[in].shape;
  for (int i = 0; i < along.rank; ++i)
    if (as_size(i) != axis) along[i] = 1;
  const tensor_id offsets =
                      e.g.add_constant("", dtype::s32, along,
                                       constant_data::of(std::span<const std::int32_t>(first))),
                  reals = e.constant_of(table);
  const tensor_id codes = e.make(x.type == scalar::qint8 ? scalar::s8 : scalar::u8),
                  wide = e.make(scalar::s32), place = e.make(scalar::s32), y = e.make(scalar::f32);
  attributes attrs;
  attrs.set("axis", std::int64_t{0});
  if (auto s = e.emit(ops::identity, {in}, codes); !s) return s.error();
  if (auto s = e.emit(ops::cast, {codes}, wide); !s) return s.error();
  if (auto s = e.emit(ops::add, {wide, offsets}, place); !s) return s.error();
  if (auto s = e.emit(ops::gather, {reals, place}, y, std::move(attrs)); !s) return s.error();
  return e.wrap(y, scalar::f32, !x.constant() && x.channels_inner, suggests_channels_last(x));
}
/// The reals that the codes stand for; other values stay.
inline result<value> dequantized(emitter& e, tensor_data& x) {
  if (!is_quantized(x.type)) return value_of(x);
  const auto in = e.held_as_is(x);
  if (!in) return in.error();
  if (e.g[*in].scales.size() > 1 && (x.type == scalar::qint8 || x.type == scalar::quint8))
    return dequantized_by_channel(e, x, *in);
  const tensor_id y = e.make(scalar::f32);
  if (auto s = e.emit(ops::dequantize, {*in}, y); !s) return s.error();
  return e.wrap(y, scalar::f32, !x.constant() && x.channels_inner, suggests_channels_last(x));
}
/// The extents that `size` stands for, where one of them may be -1: as many as the elements want.
inline result<std::vector<std::int64_t>> resolved_extents(const emitter& e, const tensor_data& x,
                                                          std::vector<std::int64_t> size) {
  std::int64_t known = 1, open = -1;
  for (std::size_t i = 0; i < size.size(); ++i) {
    if (size[i] == -1 && open < 0)
      open = static_cast<std::int64_t>(i);
    else if (size[i] < 0 || size[i] > INT32_MAX)
      return invalid("extent of " + e.operator_name(), std::to_string(size[i]));
    else if (known > INT32_MAX)
      return invalid("extents of " + e.operator_name());
    else
      known *= size[i];
  }
  if (open < 0) return size;
  if (known == 0 || x.elements() % known != 0) return invalid("extents of " + e.operator_name());
  size[as_size(open)] = x.elements() / known;
  return size;
}
/// The elements in logical order under new extents: a view where the strides allow one, else a
/// contiguous copy.
inline result<value> reshaped(emitter& e, tensor_data& x, std::vector<std::int64_t> size) {
  const auto extents = resolved_extents(e, x, std::move(size));
  if (!extents) return extents.error();
  if (const auto shape = e.ir_shape(*extents, false); !shape) return shape.error();
  const auto in = e.held(x, false);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  if (auto s = e.reshape(*in, to, *extents); !s) return s.error();
  const value v = e.wrap(to, x.type, false, false);
  if (x.size.empty()) return as_view(v, x);
  auto strides = view_strides(x, *extents);
  return strides ? as_view(with_strides(e, v, std::move(*strides)), x) : v;
}
template <bool Relu>
result<value> scalar_sum(emitter& e, arguments& a, std::string_view tensor,
                         std::string_view number_name);
template <bool Relu>
result<value> scalar_product(emitter& e, arguments& a, std::string_view tensor,
                             std::string_view number_name);

/// Says how long the rows of PyTorch's loop are, where that is not the whole tensor.
inline void set_row(attributes& attrs, const std::vector<std::int64_t>& size,
                    std::vector<memory_steps> all) {
  std::int64_t count = 1;
  for (const std::int64_t extent : size) {
    if (extent > INT32_MAX || count > INT32_MAX) return;  // no tensor
    count *= extent;
  }
  if (count < 16) return;  // less than a block
  if (const std::int64_t row = vector_row(size, std::move(all)); row != count)
    attrs.set("row", row);
}
/// The row of an element by element operator on two tensors. Its result is allocated in x's format,
/// by the loop itself where x is repeated.
inline void set_row(attributes& attrs, const tensor_data& x, const tensor_data& y, bool last) {
  std::vector<std::int64_t> size = x.rank() >= y.rank() ? x.size : y.size;
  const tensor_data& other = x.rank() >= y.rank() ? y : x;
  const std::size_t first = size.size() - other.size.size();
  for (std::size_t i = 0; i < other.size.size(); ++i)
    if (size[first + i] == 1) size[first + i] = other.size[i];
  memory_steps result;
  if (x.size == size) result = last ? channels_last_strides(size) : contiguous_strides(size);
  set_row(attrs, size, {std::move(result), steps_in(x, size), steps_in(y, size)});
}

/// quantized::add, mul and their relu forms. Elements are taken in PyTorch's memory order: add
/// rounds by position in it. With a number instead of the second tensor (what FX writes) they are
/// add_scalar and mul_scalar: scale and zero point of the result follow from it.
template <bool Multiply, bool Relu> result<value> binary(emitter& e, arguments& a) {
  if (a.none("scale") && a.none("zero_point")) {
    const bool tensor_first = a["qa"].is(kind::tensor);  // else (number, tensor)
    const std::string_view x = tensor_first ? "qa" : "qb", number = tensor_first ? "qb" : "qa";
    return Multiply ? scalar_product<Relu>(e, a, x, number) : scalar_sum<Relu>(e, a, x, number);
  }
  tensor_data *x = a.tensor("qa"), *y = a.tensor("qb");
  if (auto s = a.check(); !s) return s.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  if (auto s = e.per_tensor(*y); !s) return s.error();
  const auto q = e.output(a, x->type, {"scale", "zero_point"});
  if (!q) return q.error();
  if (x->type != y->type)
    return unsupported("operands of " + a.name,
                       std::string(name_of(x->type)) + " and " + std::string(name_of(y->type)),
                       "one element type");
  const bool ranks_differ = x->rank() != y->rank();
  attributes attrs;
  if (!Multiply) set_row(attrs, *x, *y, channels_last_result(*x, *y));
  for (tensor_data** t : {&x, &y}) {
    const int rank = std::max(x->rank(), y->rank());
    if ((*t)->rank() == rank || rank <= 2) continue;
    auto size = (*t)->size;
    size.insert(size.begin(), as_size(rank - (*t)->rank()), 1);
    const auto wide = reshaped(e, **t, std::move(size));
    if (!wide) return wide;
    *t = wide->t;
  }
  // PyTorch's mul takes the first operand's format, whatever is broadcast to what.
  const bool last = Multiply ? suggests_channels_last(*x) : channels_last_result(*x, *y);
  const auto left = e.held(*x, last), right = e.held(*y, last);
  if (!left) return left.error();
  if (!right) return right.error();
  const tensor_id to = e.make(x->type, *q);
  if (auto s = e.emit(Multiply ? ops::qnn_mul : ops::qnn_add, {*left, *right}, to, std::move(attrs),
                      {.fused = Relu ? activation::relu : activation::none,
                       .framework = {.ranks_differ = ranks_differ}});
      !s)
    return s.error();
  return e.wrap(to, x->type, last && x->rank() >= 3, last);
}

// ---- clamps ----

/// max and min of the codes; qparams stay.
inline result<value> clamp_codes(emitter& e, tensor_data& x, std::int32_t lo, std::int32_t hi,
                                 const op_def& op = ops::qnn_relu) {
  if (auto s = e.per_tensor(x); !s) return s.error();
  const auto in = e.held_as_is(x);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  const dtype t = dtype_of_scalar(x.type);
  attributes attrs;
  if (lo > lowest_of(t)) attrs.set("clamp_lo", std::int64_t{lo});
  if (hi < highest_of(t)) attrs.set("clamp_hi", std::int64_t{hi});
  if (auto s = e.emit(op, {*in}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, x.type, x.channels_inner, suggests_channels_last(x));
}
/// max(x, 0) of the codes.
inline result<value> relu_codes(emitter& e, tensor_data& x) {
  return clamp_codes(e, x, x.zero_points[0],
                     static_cast<std::int32_t>(highest_of(dtype_of_scalar(x.type))));
}
/// Clamp of plain floats: multiply by 1 with a fused clamp keeps every other value.
inline result<value> clamp_floats(emitter& e, tensor_data& x, double lo, double hi) {
  if (auto s = e.per_tensor_or_float(x); !s) return s.error();
  const auto in = e.held_as_is(x);
  if (!in) return in.error();
  const tensor_id one = e.c.build.scalar_constant(1.f), to = e.make(scalar::f32);
  attributes attrs;
  if (lo > -infinity) attrs.set("float_lo", lo);
  if (hi < infinity) attrs.set("float_hi", hi);
  if (auto s = e.emit(ops::mul, {*in, one}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, scalar::f32, x.channels_inner, suggests_channels_last(x));
}
inline result<value> relu(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (!is_quantized(x->type)) return clamp_floats(e, *x, 0, infinity);
  if (auto s = e.per_tensor(*x); !s) return s.error();
  return relu_codes(e, *x);
}
inline result<value> relu6(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(a.first());
  if (auto s = a.check(); !s) return s.error();
  if (!is_quantized(x->type)) return clamp_floats(e, *x, 0, 6);
  if (auto s = e.per_tensor(*x); !s) return s.error();
  return clamp_codes(e, *x, x->zero_points[0], quantized_value(6, *x), ops::qnn_relu6);
}
/// By the names of the bounds, each of which may be none.
inline result<value> clamped(emitter& e, arguments& a, std::string_view low,
                             std::string_view high) {
  tensor_data* x = a.tensor(a.first());
  const double lo = a.real_or(low, -infinity), hi = a.real_or(high, infinity);
  if (auto s = a.check(); !s) return s.error();
  if (!is_quantized(x->type)) return clamp_floats(e, *x, lo, hi);
  if (auto s = e.per_tensor(*x); !s) return s.error();
  return clamp_codes(e, *x, quantized_value(lo, *x), quantized_value(hi, *x));
}
inline result<value> clamp(emitter& e, arguments& a) { return clamped(e, a, "min", "max"); }
inline result<value> hardtanh(emitter& e, arguments& a) {
  return clamped(e, a, "min_val", "max_val");
}

// ---- functions of one value ----

/// An operator on quantized values, and the same on floats.
struct unary_forms {
  const op_def *quantized, *plain;
};
inline constexpr unary_forms logistic_forms{&ops::qnn_logistic, &ops::logistic},
    tanh_forms{&ops::qnn_tanh, &ops::tanh},
    hard_sigmoid_forms{&ops::qnn_hard_sigmoid, &ops::hard_sigmoid},
    hard_swish_forms{&ops::qnn_hard_swish, &ops::hard_swish},
    leaky_relu_forms{&ops::qnn_leaky_relu, &ops::leaky_relu}, elu_forms{&ops::qnn_elu, &ops::elu},
    silu_forms{nullptr, &ops::silu};  // of floats alone

/// f of each value; floats stay floats.
inline result<value> unary(emitter& e, tensor_data& x, const unary_forms& op,
                           const output_quantization& q, attributes attrs = {}) {
  if (auto s = e.per_tensor_or_float(x); !s) return s.error();
  const bool last = suggests_channels_last(x);
  const auto in = e.held(x, last);  // in memory order: values are rounded by position
  if (!in) return in.error();
  const bool quantized = is_quantized(x.type);
  if (quantized && op.quantized != &ops::qnn_leaky_relu)  // it copies x into the result's format
    set_row(attrs, x.size,
            {last && op.quantized != &ops::qnn_elu ? channels_last_strides(x.size)
                                                   : contiguous_strides(x.size),
             x.stride});  // elu allocates a contiguous result
  else if (!quantized && (op.plain == &ops::logistic || op.plain == &ops::silu))
    set_row(attrs, x.size, {memory_steps{}, x.stride});
  const tensor_id to = quantized ? e.make(x.type, q) : e.make(scalar::f32);
  if (auto s = e.emit(quantized ? *op.quantized : *op.plain, {*in}, to, std::move(attrs)); !s)
    return s.error();
  return e.wrap(to, x.type, last, last);
}
/// aten::sigmoid and hardsigmoid on quantized values have a fixed output: 1/256 and the lowest
/// code; tanh: 1/128 and the middle one.
template <const unary_forms& Op> result<value> fixed_unary(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  constexpr auto range =
      &Op == &tanh_forms ? laws::fixed_range::one_around_zero : laws::fixed_range::zero_to_one;
  const auto q = laws::quantization_of(range, dtype_of_scalar(x->type));
  return unary(e, *x, Op, output_quantization{q.scale, q.zero_point});
}
/// With the output's scale and zero point given.
inline result<value> given_unary(emitter& e, arguments& a, const unary_forms& op,
                                 attributes attrs = {}) {
  tensor_data* x = a.tensor(a.first());
  if (auto s = a.check(); !s) return s.error();
  if (!is_quantized(x->type))
    return unsupported("input of " + a.name, std::string(name_of(x->type)), "quint8, qint8");
  const auto q = e.output(a, x->type);
  if (!q) return q.error();
  return unary(e, *x, op, *q, std::move(attrs));
}
inline result<value> hardswish(emitter& e, arguments& a) {
  return given_unary(e, a, hard_swish_forms);
}
inline result<value> quantized_sigmoid(emitter& e, arguments& a) {
  return given_unary(e, a, logistic_forms);
}
inline result<value> leaky_relu(emitter& e, arguments& a) {
  attributes attrs;
  attrs.set("alpha", a.real("negative_slope"));
  return given_unary(e, a, leaky_relu_forms, std::move(attrs));
}
inline result<value> elu(emitter& e, arguments& a) {
  attributes attrs;
  const double alpha = a.real("alpha");
  if (alpha != 1) attrs.set("alpha", alpha);
  if (a.real("scale") != 1 || a.real("input_scale") != 1)
    return unsupported("scale or input_scale of " + a.name, {}, "1");
  return as_contiguous(e, given_unary(e, a, elu_forms, std::move(attrs)));
}
inline result<value> float_hardswish(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (is_quantized(x->type)) return unsupported(a.name + " of a quantized tensor");
  return unary(e, *x, hard_swish_forms, {});
}
/// Slopes are quantized too, one per channel.
inline result<value> prelu(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("qx"), *w = a.tensor("weight");
  if (auto s = a.check(); !s) return s.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  if (auto s = e.per_tensor(*w, "slopes"); !s) return s.error();
  const auto q = e.output(a, x->type);
  if (!q) return q.error();
  const std::int64_t n = w->elements();
  if (!w->constant() || w->rank() > 1 || (n != 1 && (x->rank() < 2 || n != x->size[1])))
    return unsupported("slopes of " + a.name, std::to_string(n),
                       "constants, one or one per channel");
  const bool inner = n != 1 && x->rank() >= 3;
  const auto in = inner ? e.held(*x, true) : e.held_as_is(*x);
  if (!in) return in.error();
  const auto slopes = e.held(*w, false);
  if (!slopes) return slopes.error();
  const tensor_id to = e.make(x->type, *q);
  if (auto s = e.emit(ops::qnn_prelu, {*in, *slopes}, to); !s) return s.error();
  return e.wrap(to, x->type, inner || x->channels_inner, suggests_channels_last(*x));
}

// ---- softmax ----

inline result<value> quantized_softmax(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("qx");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const auto q = e.output(a, x->type);
  if (!q) return q.error();
  const auto in = e.held(*x, false);
  if (!in) return in.error();
  const tensor_id to = e.make(x->type, *q);
  attributes attrs;
  attrs.set("axis", static_cast<std::int64_t>(axis));
  if (auto s = e.emit(ops::qnn_softmax, {*in}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, x->type, false, false);
}
/// softmax and log_softmax of floats.
template <const op_def& Op> result<value> float_softmax(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim"), real = static_cast<std::int64_t>(scalar::f32),
                     type = a.none("dtype") ? real : a.integer("dtype");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  if (x->type != scalar::f32 || type != real)
    return unsupported("element type of " + a.name, std::string(name_of(x->type)), "float32");
  const auto in = e.held(*x, false);
  if (!in) return in.error();
  attributes attrs;
  attrs.set("axis", static_cast<std::int64_t>(axis));
  const tensor_id to = e.make(scalar::f32);
  if (auto s = e.emit(Op, {*in}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, scalar::f32, false, false);
}

// ---- cat ----

/// The list of a cat: tensors of one type and rank.
inline result<std::vector<tensor_data*>> tensors_of(arguments& a) {
  const value given = a[a.first()];
  if (!given.is_sequence() || given.c->items.empty()) return invalid("the list of " + a.name);
  std::vector<tensor_data*> list;
  for (const value& v : given.c->items) {
    if (!v.is(kind::tensor))
      return unsupported("an element of the list of " + a.name, std::string(name_of(v.what)),
                         "Tensor");
    list.push_back(v.t);
    if (v.t->type != list[0]->type || v.t->rank() != list[0]->rank())
      return unsupported("types or ranks in the list of " + a.name);
  }
  return list;
}
/// quantized::cat(list, dim, scale, zero_point): every input is dequantized and quantized, also
/// where nothing changes. aten::cat: the first input's qparams.
template <bool Given, bool Relu> result<value> cat(emitter& e, arguments& a) {
  const auto list = tensors_of(a);
  if (!list) return list.error();
  tensor_data& first = *list->front();
  const std::size_t dim = a.axis(a.integer("dim"), first.rank());
  if (auto s = a.check(); !s) return s.error();
  const bool quantized = is_quantized(first.type);
  bool last = true;
  for (const tensor_data* t : *list) last &= suggests_channels_last(*t);
  std::vector<tensor_id> ids;
  for (tensor_data* t : *list) {
    if (quantized)
      if (auto s = e.per_tensor(*t); !s) return s.error();
    const auto id = e.held(*t, last);
    if (!id) return id.error();
    ids.push_back(*id);
  }
  std::vector<double> scales = first.scales;
  std::vector<std::int32_t> zeros = first.zero_points;
  if (quantized && Given && !(a.none("scale") && a.none("zero_point"))) {
    const auto q = e.output(a, first.type, {"scale", "zero_point"});
    if (!q) return q.error();
    scales = {q->scale}, zeros = {q->zero_point};
  }
  const tensor_id to = e.make(first.type, scales, zeros);
  attributes attrs;
  attrs.set("axis", std::int64_t{axis_in_layout(static_cast<int>(dim), first.rank(), last)});
  if (auto s =
          e.emit(quantized ? ops::qnn_concat : ops::concat, std::move(ids), to, std::move(attrs),
                 {.fused = Relu && quantized ? activation::relu : activation::none});
      !s)
    return s.error();
  return e.wrap(to, first.type, last, last);
}

// ---- numbers ----

/// x + s: the codes stay and the zero point moves, where it can; otherwise the zero point stops at
/// the end of the range, the scale widens, and the codes are requantized.
template <bool Relu>
result<value> scalar_sum(emitter& e, arguments& a, std::string_view tensor,
                         std::string_view number_name) {
  tensor_data* x = a.tensor(tensor);
  const double number = a.real(number_name);
  if (auto s = a.check(); !s) return s.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const double scale = x->scales[0];
  const std::int64_t zero = x->zero_points[0], lo = lowest_of(dtype_of_scalar(x->type)),
                     hi = highest_of(dtype_of_scalar(x->type));
  const double steps = numerics::rint(numerics::div(number, scale));
  if (!(steps > -1e9 && steps < 1e9))
    return invalid("number added by " + a.name, std::to_string(number));
  const std::int64_t moved = zero - static_cast<std::int64_t>(steps);
  const auto in = e.held_as_is(*x);
  if (!in) return in.error();
  const bool last = suggests_channels_last(*x);
  if (moved >= lo && moved <= hi) {
    const tensor_id to =
        e.make(x->type, output_quantization{scale, static_cast<std::int32_t>(moved)});
    if (auto s = e.emit(ops::identity, {*in}, to); !s) return s.error();
    const value v = e.wrap(to, x->type, x->channels_inner, last);
    return Relu ? relu_codes(e, *v.t) : v;
  }
  const std::int64_t reach = moved < lo ? hi - moved : moved - lo;
  const double wider =
      numerics::mul(numerics::div(static_cast<double>(reach), static_cast<double>(hi - lo)), scale);
  const auto end = static_cast<std::int32_t>(moved < lo ? lo : hi);
  const tensor_id to = e.make(x->type, output_quantization{wider, end});
  attributes attrs;
  attrs.set("offset", static_cast<std::int64_t>(steps));
  if (auto s = e.emit(ops::requantize, {*in}, to, std::move(attrs),
                      {.fused = Relu ? activation::relu : activation::none});
      !s)
    return s.error();
  return e.wrap(to, x->type, x->channels_inner, last);
}
template <bool Relu> result<value> add_scalar(emitter& e, arguments& a) {
  return scalar_sum<Relu>(e, a, "qa", "b");
}
/// x * s: only scale and zero point change; a negative number mirrors the codes, 0 clears them.
template <bool Relu>
result<value> scalar_product(emitter& e, arguments& a, std::string_view tensor,
                             std::string_view number_name) {
  tensor_data* x = a.tensor(tensor);
  const double number = a.real(number_name);
  if (auto s = a.check(); !s) return s.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const std::int64_t lo = lowest_of(dtype_of_scalar(x->type)),
                     hi = highest_of(dtype_of_scalar(x->type));
  const double scale =
      number == 0 ? 1.0 : numerics::mul(x->scales[0], number < 0 ? -number : number);
  const std::int64_t zero = number > 0   ? x->zero_points[0]
                            : number < 0 ? hi + lo - x->zero_points[0]
                                         : 0;
  const auto q = e.valid_output(scale, zero, x->type);
  if (!q) return q.error();
  auto from = e.held_as_is(*x);
  if (!from) return from.error();
  const bool last = suggests_channels_last(*x);
  const tensor_id to = e.make(x->type, *q);
  attributes attrs;
  if (number == 0) attrs.set("clamp_lo", std::int64_t{0}), attrs.set("clamp_hi", std::int64_t{0});
  if (number < 0) attrs.set("negate", std::int64_t{1});
  if (number <= 0) {
    // The mirrored codes: -(q - z) in steps of the same size, so the scale is read as the output's.
    const tensor_id rescaled = e.make(x->type, output_quantization{scale, x->zero_points[0]});
    if (auto s = e.emit(ops::identity, {*from}, rescaled); !s) return s.error();
    from = rescaled;
  }
  if (auto s = number > 0 ? e.emit(ops::identity, {*from}, to)
                          : e.emit(ops::requantize, {*from}, to, std::move(attrs));
      !s)
    return s.error();
  const value v = e.wrap(to, x->type, x->channels_inner, last);
  return Relu ? relu_codes(e, *v.t) : v;
}
template <bool Relu> result<value> mul_scalar(emitter& e, arguments& a) {
  return scalar_product<Relu>(e, a, "qa", "b");
}

// ---- operators of two operands ----

/// The value as another element type.
inline result<value> cast_to(emitter& e, tensor_data& x, scalar type) {
  if (x.type == type) return value_of(x);
  if (is_quantized(x.type)) {
    if (type != scalar::f32)
      return unsupported("a quantized tensor as another element type", std::string(name_of(type)),
                         "float32");
    return dequantized(e, x);
  }
  if (x.type == scalar::f16 || type == scalar::f16) {  // by way of float32
    const auto real = x.type == scalar::f16   ? e.as_floats(x)
                      : x.type == scalar::f32 ? result<value>(value_of(x))
                                              : cast_to(e, x, scalar::f32);
    if (!real) return real;
    return type == scalar::f16 ? e.as_halves(*real->t) : cast_to(e, *real->t, type);
  }
  constexpr auto castable = [](scalar s) {
    return s != scalar::bf16 && !is_quantized(s) && s != scalar::unknown;
  };
  if (!castable(x.type) || !castable(type))
    return unsupported("a change of element type by " + e.operator_name(),
                       std::string(name_of(x.type)) + " to " + std::string(name_of(type)),
                       "float32, float64, float16, integers, bool");
  if ((x.type == scalar::f32 || x.type == scalar::f64) &&
      (type == scalar::u8 || type == scalar::s8 || type == scalar::s16)) {
    const auto whole = cast_to(e, x, scalar::s32);  // whose low bits PyTorch takes
    return whole ? cast_to(e, *whole->t, type) : whole;
  }
  const auto in = e.held_as_is(x);
  if (!in) return in.error();
  const tensor_id to = e.make(type);
  if (auto s = e.emit(ops::cast, {*in}, to); !s) return s.error();
  return e.wrap(to, type, !x.constant() && x.channels_inner, suggests_channels_last(x));
}
/// A float32 value of whatever `x` is.
inline result<tensor_data*> real_value(emitter& e, tensor_data& x) {
  const auto v = cast_to(e, x, scalar::f32);
  if (!v) return v.error();
  return v->t;
}
inline result<tensor_data*> real_argument(emitter& e, arguments& a, std::string_view parameter) {
  tensor_data* x = a.tensor(parameter);
  if (auto s = a.check(); !s) return s.error();
  return real_value(e, *x);
}
/// A constant without axes.
inline tensor_data* number_of(emitter& e, double v, scalar type) {
  const tensor_id id =
      type == scalar::boolean
          ? e.g.add_constant(
                "", dtype::boolean, dims{},
                constant_data::of(std::span<const std::uint8_t>(std::array{std::uint8_t{v != 0}})))
      : type == scalar::s64 ? e.c.build.scalar_constant(static_cast<std::int64_t>(v))
      : type == scalar::s32 ? e.c.build.scalar_constant(static_cast<std::int32_t>(v))
                            : e.c.build.scalar_constant(static_cast<float>(v));
  return e
      .wrap(id,
            type == scalar::boolean || type == scalar::s64 || type == scalar::s32 ? type
                                                                                  : scalar::f32,
            false, false)
      .t;
}
/// What an argument is in an operator of two: a tensor, or a number, which takes the other's type.
struct given_operand {
  tensor_data* t = nullptr;
  double number = 0;
  scalar type = scalar::f32;  // of a number too: bool, int64 or float32 where the program has it
  bool axes = false;          // PyTorch lets others decide only where their kind of number is wider
};
inline given_operand operand_given(emitter& e, arguments& a, std::string_view parameter) {
  const value v = a[parameter];
  if (v.is(kind::boolean)) return {nullptr, v.b ? 1. : 0., scalar::boolean, false};
  if (v.is(kind::integer)) return {nullptr, static_cast<double>(v.i), scalar::s64, false};
  if (!v.is(kind::tensor)) return {nullptr, a.real(parameter), scalar::f32, false};
  if (v.t->rank() > 0 || !e.c.known(*v.t)) return {v.t, 0, v.t->type, v.t->rank() > 0};
  // Traced programs keep numbers as constants without axes.
  return {nullptr, a.real(parameter), v.t->type, false};
}
/// bool, whole or real.
constexpr int kind_of_number(scalar s) noexcept {
  if (s == scalar::boolean) return 0;
  const bool real = s == scalar::f32 || s == scalar::f64 || s == scalar::f16 || s == scalar::bf16 ||
                    is_quantized(s);
  return real ? 2 : 1;
}
/// The element type that PyTorch's promotion gives: float32 where either is real; of whole numbers
/// the wider. A number, or a tensor without axes, decides only where it is another kind of number.
inline scalar promoted_type(const given_operand& x, const given_operand& y) {
  const int left = kind_of_number(x.type), right = kind_of_number(y.type);
  if (left == 2 || right == 2) return scalar::f32;
  if (left != right) return left > right ? x.type : y.type;
  if (x.axes != y.axes) return x.axes ? x.type : y.type;
  for (const scalar wider : {scalar::s64, scalar::s32, scalar::s16})
    if (x.type == wider || y.type == wider) return wider;
  return x.type == y.type ? x.type : scalar::s16;  // int8 with uint8
}
/// Two or three operands that broadcast, as tensors of the graph in one layout.
struct meeting {
  std::vector<tensor_id> in{};
  bool inner = false;  // layout
  std::vector<const tensor_data*> operands{};
  /// PyTorch's loop lays out the result by the first operand whose strides tell axes apart.
  value result(emitter& e, tensor_id to, scalar type) const {
    const value v = e.wrap(to, type, inner && e.g[to].shape.rank >= 3, false);
    for (const bool last : {false, true})  // the strides of axes of extent 1 do not count then
      if (std::all_of(operands.begin(), operands.end(), [&](const tensor_data* t) {
            return t->size == v.t->size && is_contiguous(*t, last);
          }))
        return with_strides(
            e, v, last ? channels_last_strides(v.t->size) : contiguous_strides(v.t->size));
    std::vector<memory_steps> steps;
    for (const tensor_data* t : operands) steps.push_back(steps_in(*t, v.t->size));
    return with_strides(e, v, iterated_strides(v.t->size, steps));
  }
};
/// The operand with most axes and elements decides the layout.
inline result<meeting> meet(emitter& e, std::span<tensor_data* const> operands) {
  const tensor_data* most = operands[0];
  for (const tensor_data* t : operands)
    if (t->rank() > most->rank() || (t->rank() == most->rank() && t->elements() > most->elements()))
      most = t;
  meeting m;
  m.inner = !most->constant() && most->channels_inner && most->rank() >= 3;
  m.operands.assign(operands.begin(), operands.end());
  for (tensor_data* t : operands) {
    tensor_data* as = t;
    if (m.inner && t->rank() < most->rank() && t->elements() != 1) {
      auto size = t->size;
      size.insert(size.begin(), as_size(most->rank() - t->rank()), 1);
      const auto wide = reshaped(e, *t, std::move(size));
      if (!wide) return wide.error();
      as = wide->t;
    }
    const auto id =
        as->elements() == 1 && as->rank() < most->rank() ? e.held_as_is(*as) : e.held(*as, m.inner);
    if (!id) return id.error();
    m.in.push_back(*id);
  }
  return m;
}
/// number_of, also of 8 and 16 bits, where PyTorch refuses a number that does not fit.
inline result<value> number_in(emitter& e, const arguments& a, double v, scalar type) {
  if (type != scalar::u8 && type != scalar::s8 && type != scalar::s16)
    return value_of(*number_of(e, v, type));
  const dtype t = dtype_of_scalar(type);
  if (v < static_cast<double>(lowest_of(t)) || v > static_cast<double>(highest_of(t)))
    return invalid("a number in " + a.name + " that the other operand's type does not hold",
                   std::to_string(static_cast<std::int64_t>(v)), std::string(name_of(type)));
  return cast_to(e, *number_of(e, v, scalar::s32), type);
}
/// Two operands as tensors of one type.
inline result<std::array<tensor_data*, 2>> pair_of(emitter& e, arguments& a, std::string_view left,
                                                   std::string_view right, bool real) {
  const given_operand x = operand_given(e, a, left), y = operand_given(e, a, right);
  if (auto s = a.check(); !s) return s.error();
  if ((x.t && x.type == scalar::f64) || (y.t && y.type == scalar::f64))
    return unsupported("arithmetic of " + a.name, "float64", "float32, int64, int32, bool");
  const scalar type = real ? scalar::f32 : promoted_type(x, y);
  std::array<tensor_data*, 2> both{};
  for (std::size_t k = 0; k < 2; ++k) {
    const given_operand& o = k == 0 ? x : y;
    if (!o.t) {
      const auto number = number_in(e, a, o.number, type);
      if (!number) return number.error();
      both[k] = number->t;
      continue;
    }
    const auto v = cast_to(e, *o.t, type);
    if (!v) return v.error();
    both[k] = v->t;
  }
  return both;
}
inline result<value> emit_pair(emitter& e, const op_def& op, std::array<tensor_data*, 2> both,
                               scalar type, attributes attrs = {}) {
  const auto m = meet(e, both);
  if (!m) return m.error();
  const tensor_id to = e.make(type);
  if (auto s = e.emit(op, m->in, to, std::move(attrs)); !s) return s.error();
  return m->result(e, to, type);
}
inline result<value> chosen(emitter& e, tensor_data& condition, tensor_data& x, tensor_data& y);
/// The quotient rounded down, as PyTorch has it: what the exact remainder leaves is divided, so
/// that no quotient is rounded up to a whole number before. Quotients by 0 stay infinite, and a
/// result of 0 has the sign of the quotient.
inline result<value> floor_quotient(emitter& e, std::array<tensor_data*, 2> both) {
  if (both[0]->type != scalar::f32) return emit_pair(e, ops::floor_div, both, both[0]->type);
  const auto rest = emit_pair(e, ops::floor_mod, both, scalar::f32);
  if (!rest) return rest;
  const auto whole = emit_pair(e, ops::sub, {both[0], rest->t}, scalar::f32);
  if (!whole) return whole;
  const auto quotient = emit_pair(e, ops::div, {whole->t, both[1]}, scalar::f32);
  if (!quotient) return quotient;
  const auto in = e.held_as_is(*quotient->t);
  if (!in) return in.error();
  const tensor_id to = e.make(scalar::f32);
  if (auto s = e.emit(ops::round, {*in}, to); !s) return s.error();
  const value rounded = with_strides(e, e.wrap(to, scalar::f32, quotient->t->channels_inner, false),
                                     quotient->t->stride);
  const auto is_zero = [&](tensor_data* of) {
    return emit_pair(e, ops::equal, {of, number_of(e, 0, scalar::f32)}, scalar::boolean);
  };
  const auto plain = emit_pair(e, ops::div, both, scalar::f32);
  if (!plain) return plain;
  const auto nothing =
      emit_pair(e, ops::mul, {plain->t, number_of(e, 0, scalar::f32)}, scalar::f32);
  if (!nothing) return nothing;
  const auto below_one = is_zero(rounded.t), by_zero = is_zero(both[1]);
  if (!below_one) return below_one;
  if (!by_zero) return by_zero;
  const auto quotients = chosen(e, *below_one->t, *nothing->t, *rounded.t);
  if (!quotients) return quotients;
  return chosen(e, *by_zero->t, *plain->t, *quotients->t);
}
/// The sum of bools is or, their product and; they have no other arithmetic.
inline result<value> arithmetic_of_bools(emitter& e, const arguments& a, const op_def& op,
                                         std::array<tensor_data*, 2> both, double alpha) {
  if (&op == &ops::mul) return emit_pair(e, ops::logical_and, both, scalar::boolean);
  if (&op == &ops::add && alpha == 1) return emit_pair(e, ops::logical_or, both, scalar::boolean);
  return unsupported("operands of " + a.name, "bool", "float32, int32, int64");
}
/// add, sub, mul, div and their kind on plain numbers. `Real`: whole numbers become floats first.
/// `Swap`: rsub.
template <const op_def& Op, bool Real = false, bool Swap = false>
result<value> plain_binary(emitter& e, arguments& a) {
  const double alpha = a.has("alpha") ? a.real("alpha") : 1;  // of add, sub and rsub
  if (auto s = a.check(); !s) return s.error();
  auto both = pair_of(e, a, Swap ? "other" : "self", Swap ? "self" : "other", Real);
  if (!both) return both.error();
  const scalar type = (*both)[0]->type;
  if (type == scalar::u8 || type == scalar::s8 || type == scalar::s16)
    return unsupported("operands of " + a.name, std::string(name_of(type)),
                       "float32, int32, int64");
  if (type == scalar::boolean) return arithmetic_of_bools(e, a, Op, *both, alpha);
  if (alpha != 1) {
    const auto scaled = emit_pair(e, ops::mul, {(*both)[1], number_of(e, alpha, type)}, type);
    if (!scaled) return scaled;
    (*both)[1] = scaled->t;
  }
  if (&Op == &ops::floor_div) return floor_quotient(e, *both);
  return emit_pair(e, Op, *both, type);
}
/// Comparisons of plain numbers; quantized values are compared as the reals they stand for.
template <const op_def& Op> result<value> comparison(emitter& e, arguments& a) {
  const auto both = pair_of(e, a, "self", "other", false);
  if (!both) return both.error();
  return emit_pair(e, Op, *both, scalar::boolean);
}
/// Of 0 and -0 PyTorch's vectors give the second operand's, octet's operators the first's.
inline result<value> extreme_of_plain(emitter& e, const op_def& op,
                                      const std::array<tensor_data*, 2>& both) {
  const tensor_data &x = *both[0], &y = *both[1];
  if (x.type != scalar::f32 || x.size != y.size || x.size.empty() ||
      vector_row(x.size, {memory_steps{}, x.stride, y.stride}) < 16)
    return emit_pair(e, op, both, x.type);
  const auto m = meet(e, both);
  if (!m) return m.error();
  const tensor_id to = e.make(scalar::f32);
  if (auto s = e.emit(op, {m->in[1], m->in[0]}, to); !s) return s.error();
  return m->result(e, to, scalar::f32);
}
/// The larger (or smaller) of self and another operand; of one quantization on the codes, whose
/// order is that of the reals.
template <const op_def& Op>
result<value> extreme_of(emitter& e, arguments& a, std::string_view other) {
  const value left = a["self"], right = a[other];
  if (left.is(kind::tensor) && right.is(kind::tensor)) {
    tensor_data &x = *left.t, &y = *right.t;
    if (is_quantized(x.type) && x.type == y.type && x.scales == y.scales &&
        x.zero_points == y.zero_points) {
      if (auto s = e.per_tensor(x); !s) return s.error();
      const auto m = meet(e, std::array{&x, &y});
      if (!m) return m.error();
      const tensor_id to = e.make_like(x);
      if (auto s = e.emit(Op, m->in, to); !s) return s.error();
      return m->result(e, to, x.type);
    }
  }
  const auto both = pair_of(e, a, "self", other, false);
  if (!both) return both.error();
  return extreme_of_plain(e, Op, *both);
}
template <const op_def& Op> result<value> extreme(emitter& e, arguments& a) {
  return extreme_of<Op>(e, a, "other");
}
/// The quotient of floats, rounded towards 0.
inline result<value> truncated_quotient(emitter& e, std::array<tensor_data*, 2> both) {
  const auto quotient = emit_pair(e, ops::div, both, scalar::f32);
  if (!quotient) return quotient;
  tensor_data& q = *quotient->t;
  const auto in = e.held_as_is(q);
  if (!in) return in.error();
  const tensor_id up = e.make(scalar::f32), down = e.make(scalar::f32);
  if (auto s = e.emit(ops::ceil, {*in}, up); !s) return s.error();
  if (auto s = e.emit(ops::floor, {*in}, down); !s) return s.error();
  const auto as_quotient = [&](tensor_id id) {
    return with_strides(e, e.wrap(id, scalar::f32, q.channels_inner, false), q.stride);
  };
  const auto negative =
      emit_pair(e, ops::less, {&q, number_of(e, 0, scalar::f32)}, scalar::boolean);
  if (!negative) return negative;
  const value above = as_quotient(up), below = as_quotient(down);
  return chosen(e, *negative->t, *above.t, *below.t);
}
/// div(a, b) and div(a, b, rounding_mode="floor" or "trunc").
inline result<value> divide(emitter& e, arguments& a) {
  const value rounding_mode = a["rounding_mode"];
  const std::string mode = rounding_mode.is(kind::string) ? rounding_mode.c->text : std::string();
  const auto both = pair_of(e, a, "self", "other", mode.empty());
  if (!both) return both.error();
  const scalar type = (*both)[0]->type;
  if (mode.empty()) return emit_pair(e, ops::div, *both, type);
  if (mode == "floor" && type != scalar::boolean) return floor_quotient(e, *both);
  if (mode == "trunc" && type != scalar::f32) return emit_pair(e, ops::div, *both, type);
  if (mode == "trunc") return truncated_quotient(e, *both);
  return unsupported("rounding_mode of " + a.name, mode, "none, floor, trunc");
}
/// What a number is as a bool: whether it is another than 0.
inline result<value> truth_of(emitter& e, tensor_data& x) {
  if (x.type == scalar::boolean) return value_of(x);
  return emit_pair(e, ops::not_equal, {&x, number_of(e, 0, x.type)}, scalar::boolean);
}
/// and, or of bools; numbers become bools first.
template <const op_def& Op> result<value> logical(emitter& e, arguments& a) {
  const auto both = pair_of(e, a, "self", "other", false);
  if (!both) return both.error();
  const auto x = truth_of(e, *(*both)[0]), y = truth_of(e, *(*both)[1]);
  if (!x) return x;
  if (!y) return y;
  return emit_pair(e, Op, {x->t, y->t}, scalar::boolean);
}
inline result<value> logical_not(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  return emit_pair(e, ops::equal, {x, number_of(e, 0, x->type)}, scalar::boolean);
}
/// condition ? x : y. Quantized values keep their quantization where it is one; a number takes the
/// other's type.
inline result<value> chosen(emitter& e, tensor_data& condition, tensor_data& x, tensor_data& y) {
  if (condition.type != scalar::boolean)
    return unsupported("condition of " + e.operator_name(), std::string(name_of(condition.type)),
                       "bool");
  tensor_data *u = &x, *v = &y;
  if (x.type != y.type || x.scales != y.scales || x.zero_points != y.zero_points) {
    const scalar type = promoted_type({&x, 0, x.type, x.rank() > 0}, {&y, 0, y.type, y.rank() > 0});
    const auto p = cast_to(e, x, type), q = cast_to(e, y, type);
    if (!p) return p.error();
    if (!q) return q.error();
    u = p->t, v = q->t;
  }
  const auto m = meet(e, std::array{&condition, u, v});
  if (!m) return m.error();
  const tensor_id to = e.make_like(*u);
  if (auto s = e.emit(ops::select, m->in, to); !s) return s.error();
  return m->result(e, to, u->type);
}
inline result<value> where(emitter& e, arguments& a) {
  tensor_data* condition = a.tensor("condition");
  if (auto s = a.check(); !s) return s.error();
  const value x = a["self"], y = a["other"];
  const bool tensors = x.is(kind::tensor) && y.is(kind::tensor) && x.t->rank() + y.t->rank() > 0;
  if (tensors) return chosen(e, *condition, *x.t, *y.t);
  const auto both = pair_of(e, a, "self", "other", false);
  if (!both) return both.error();
  return chosen(e, *condition, *(*both)[0], *(*both)[1]);
}
/// A constant of the codes that `v` becomes among the values of `like`.
inline result<value> code_of(emitter& e, double v, const tensor_data& like) {
  const std::int32_t q = quantized_value(v, like);
  const auto byte = static_cast<std::uint8_t>(q & 255);
  const tensor_id id = e.g.add_constant("", dtype_of_scalar(like.type), dims{},
                                        constant_data::of(std::span<const std::uint8_t>(&byte, 1)));
  e.g[id].scales = like.scales;
  e.g[id].zero_points = like.zero_points;
  return e.wrap(id, like.type, false, false);
}
/// masked_fill(x, mask, number). `InPlace`: the memory, and with it the format, is that of x.
template <bool InPlace> result<value> masked_fill(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *mask = a.tensor("mask");
  const double fill = a.real("value");
  if (auto s = a.check(); !s) return s.error();
  result<value> number = value_of(*number_of(e, fill, x->type));
  if (is_quantized(x->type)) {
    if (auto s = e.per_tensor(*x); !s) return s.error();
    number = code_of(e, fill, *x);
    if (!number) return number;
  }
  const auto v = as_contiguous(e, chosen(e, *mask, *number->t, *x));
  if (!InPlace || !v || v->t->size != x->size) return v;
  return with_strides(e, *v, x->stride);
}
/// The highest of the reals that the codes of `x` stand for which PyTorch's loop takes as not above
/// a limit: a whole block dequantizes by one fused multiply-add, what is behind the blocks as
/// dequantize does. Reals are those of dequantize, -infinity where all codes are above.
inline float highest_below(const tensor_data& x, float limit, bool block) {
  const auto scale = static_cast<float>(x.scales[0]);
  const std::int32_t zero = x.zero_points[0];
  const float moved = numerics::mul(scale, static_cast<float>(-zero));
  float highest = -std::numeric_limits<float>::infinity();
  const dtype t = dtype_of_scalar(x.type);
  for (auto q = static_cast<std::int32_t>(lowest_of(t)); q <= highest_of(t); ++q) {
    const float plain = numerics::mul(static_cast<float>(q - zero), scale),
                seen = block ? numerics::fma(scale, static_cast<float>(q), moved) : plain;
    if (!(seen > limit)) highest = std::max(highest, plain);
  }
  return highest;
}
/// The limit of each element, as a value that broadcasts against codes `x` in the layout `last`: a
/// number where blocks and what is behind them agree.
inline result<value> limits_by_position(emitter& e, const tensor_data& x, float limit, bool last) {
  constexpr std::int64_t block = 64;
  const float inside = highest_below(x, limit, true), behind = highest_below(x, limit, false);
  const std::int64_t count = x.elements();
  std::int64_t row = count;
  if (count >= 16)
    row = vector_row(x.size,
                     {last ? channels_last_strides(x.size) : contiguous_strides(x.size), x.stride});
  if (row < block || inside == behind)
    return value_of(*number_of(e, static_cast<double>(behind), scalar::f32));
  if (auto s = e.c.build.make_constant(as_size(count) * sizeof(float)); !s) return s.error();
  std::vector<float> each;
  for (std::int64_t i = 0; i < count; ++i)
    each.push_back(i % row < row / block * block ? inside : behind);
  const auto shape = e.ir_shape(x.size, last);
  if (!shape) return shape.error();
  const tensor_id id =
      e.g.add_constant("", dtype::f32, *shape, constant_data::of(std::span<const float>(each)));
  return e.wrap(id, scalar::f32, last, last);
}
/// threshold(x, limit, otherwise): x where it is above.
inline result<value> threshold(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const double limit = a.real("threshold"), otherwise = a.real("value");
  if (auto s = a.check(); !s) return s.error();
  const auto real = real_value(e, *x);
  if (!real) return real.error();
  result<value> at = value_of(*number_of(e, limit, scalar::f32)),
                instead = value_of(*number_of(e, otherwise, scalar::f32));
  if (is_quantized(x->type)) {
    if (auto s = e.per_tensor(*x); !s) return s.error();
    at = limits_by_position(e, *x, static_cast<float>(limit),
                            suggests_channels_last(*x) && x->rank() >= 3);
    instead = code_of(e, otherwise, *x);
  }
  if (!at) return at;
  if (!instead) return instead;
  const auto above = emit_pair(e, ops::greater, {*real, at->t}, scalar::boolean);
  if (!above) return above;
  const auto v = chosen(e, *above->t, *x, *instead->t);
  if (!v || !is_quantized(x->type)) return v;
  return with_strides(
      e, *v,
      suggests_channels_last(*x) ? channels_last_strides(x->size) : contiguous_strides(x->size));
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_ELEMENTWISE_HPP_

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

inline result<value> same(emitter&, arguments& a) { return a[a.first()]; }
/// PyTorch's numbers of the memory formats.
inline constexpr std::int64_t contiguous_format = 0, preserve_format = 1, channels_last_format = 2,
                              channels_last_3d_format = 3;
inline result<value> contiguous(emitter& e, arguments& a) {
  const tensor_data* x = a.tensor("self");
  const std::int64_t format = a.integer("memory_format");
  if (auto s = a.check(); !s) return s.error();
  if (x->constant()) return a["self"];
  const bool last = format != contiguous_format;
  if (last && format != channels_last_format && format != channels_last_3d_format)
    return unsupported("memory format", std::to_string(format), "0, 2, 3");
  const int rank = format == channels_last_format ? 4 : 5;
  if (last && x->rank() != rank)
    return invalid("rank of the tensor of " + a.name, std::to_string(x->rank()),
                   std::to_string(rank));
  if (is_contiguous(*x, last)) return a["self"];
  return with_strides(e, e.c.values.tensor(*x),
                      last ? channels_last_strides(x->size) : contiguous_strides(x->size));
}
/// clone(x, memory_format): without one floats keep theirs, codes become contiguous.
inline result<value> clone(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (x->constant()) {  // the copy may be changed in place, the file's tensor not
    const auto in = e.held(*x, false);
    if (!in) return in.error();
    x = with_strides(e, e.wrap(*in, x->type, false, false), x->stride).t;
  }
  const bool preserved = a.none("memory_format") ? !is_quantized(x->type)
                                                 : a.integer("memory_format") == preserve_format;
  if (auto s = a.check(); !s) return s.error();
  if (preserved)
    return with_strides(e, e.c.values.tensor(*x), iterated_strides(x->size, {x->stride}));
  if (a.none("memory_format")) return as_contiguous(e, e.c.values.tensor(*x));
  arguments as = a;
  as.replace("self", value_of(*x));
  return contiguous(e, as);
}

/// PyTorch's code of an element type, from a file.
inline result<scalar> scalar_of_code(std::int64_t code) {
  if (code < 0 || code > 127 || name_of(static_cast<scalar>(code)) == "?")
    return unsupported("element type code", std::to_string(code));
  return static_cast<scalar>(code);
}
/// to(x, dtype, non_blocking, copy, memory_format), to(x, device, dtype, ..), to(x, other, ..):
/// what comes by position is called a, b, c, d, e, since the schemas differ.
inline result<value> to(emitter& e, arguments& a) {
  // Traced programs take extents as tensors without axes: numbers here, tensors as floats.
  double number = 0;
  if (read_number(a["self"], number))
    a.replace("self", value_of(*number_of(e, number,
                                          a["self"].is(kind::real)      ? scalar::f32
                                          : a["self"].is(kind::boolean) ? scalar::boolean
                                                                        : scalar::s64)));
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  scalar type = x->type;
  const bool device = a["a"].is(kind::string);
  value code = a["dtype"], format = a["memory_format"];
  if (!code.is(kind::integer)) code = a[device ? "b" : "a"];
  if (!format.is(kind::integer)) format = a[device ? "e" : "d"];
  if (code.is(kind::tensor)) {
    type = code.t->type;
  } else if (code.is(kind::integer)) {
    const auto s = scalar_of_code(code.i);
    if (!s) return s.error();
    type = *s;
  }
  const auto v = cast_to(e, *x, type);
  if (!v || !format.is(kind::integer) || format.i == preserve_format) return v;
  arguments as(e.c, a.name, {{"self", *v}, {"memory_format", format}});
  return contiguous(e, as);
}

// ---- other extents ----

inline result<value> reshaped_to(emitter& e, arguments& a, std::string_view extents) {
  tensor_data* x = a.tensor("self");
  auto size = a.integers(extents);
  if (auto s = a.check(); !s) return s.error();
  return reshaped(e, *x, std::move(size));
}
inline result<value> reshape(emitter& e, arguments& a) { return reshaped_to(e, a, "shape"); }
inline result<value> view(emitter& e, arguments& a) { return reshaped_to(e, a, "size"); }
inline result<value> flatten(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t start = a.integer("start_dim"), end = a.integer("end_dim");
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() == 0) return reshaped(e, *x, {1});
  const std::size_t from = a.axis(start, x->rank()), to = a.axis(end, x->rank());
  if (auto s = a.check(); !s) return s.error();
  if (from > to) return invalid("axes of " + a.name);
  if (from == to) return a["self"];
  std::vector<std::int64_t> size(x->size.begin(),
                                 x->size.begin() + static_cast<std::ptrdiff_t>(from));
  std::int64_t n = 1;
  for (std::size_t i = from; i <= to; ++i) n *= x->size[i];
  size.push_back(n);
  size.insert(size.end(), x->size.begin() + static_cast<std::ptrdiff_t>(to) + 1, x->size.end());
  return reshaped(e, *x, std::move(size));
}
/// A view that drops or adds axes of extent 1: the strides of the others stay, the layout too where
/// the channel axis does.
inline result<value> viewed(emitter& e, tensor_data& x, std::vector<std::int64_t> size,
                            std::vector<std::int64_t> stride) {
  const auto v = reshaped(e, x, std::move(size));
  if (!v) return v;
  return as_view(with_strides(e, *v, std::move(stride)), x);
}
inline result<value> squeeze(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  std::vector<bool> drop(x->size.size(), a.none("dim"));
  if (!a.none("dim"))
    for (std::int64_t d : a.integers("dim")) {
      const std::size_t axis = a.axis(d, x->rank());
      if (auto s = a.check(); !s) return s.error();
      drop[axis] = true;
    }
  if (auto s = a.check(); !s) return s.error();
  std::vector<std::int64_t> size, stride;
  for (std::size_t i = 0; i < x->size.size(); ++i)
    if (!drop[i] || x->size[i] != 1) {
      size.push_back(x->size[i]);
      stride.push_back(x->stride[i]);
    }
  return viewed(e, *x, std::move(size), std::move(stride));
}
inline result<value> unsqueeze(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t at = a.axis(dim, x->rank() + 1);
  if (auto s = a.check(); !s) return s.error();
  std::vector<std::int64_t> size = x->size, stride = x->stride;
  const std::int64_t step = at < size.size() ? size[at] * stride[at] : 1;
  size.insert(size.begin() + static_cast<std::ptrdiff_t>(at), 1);
  stride.insert(stride.begin() + static_cast<std::ptrdiff_t>(at), step);
  return viewed(e, *x, std::move(size), std::move(stride));
}

// ---- other orders of axes ----

inline result<value> permuted(emitter& e, tensor_data& x, const std::vector<std::int64_t>& order) {
  std::vector<std::int64_t> stride;
  bool identity = true;
  for (std::size_t i = 0; i < order.size(); ++i) {
    stride.push_back(x.stride[as_size(order[i])]);
    identity &= order[i] == static_cast<std::int64_t>(i);
  }
  if (identity) return as_view(e.c.values.tensor(x), x);
  if (is_quantized(x.type))
    if (auto s = e.per_tensor(x); !s) return s.error();
  const auto in = e.held(x, false);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  if (auto s = e.transpose(*in, to, order); !s) return s.error();
  return as_view(with_strides(e, e.wrap(to, x.type, false, false), std::move(stride)), x);
}
inline result<value> permute(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  auto order = a.integers("dims");
  if (auto s = a.check(); !s) return s.error();
  if (order.size() != x->size.size())
    return invalid("axes of permute", std::to_string(order.size()), std::to_string(x->rank()));
  std::vector<bool> seen(order.size(), false);
  for (std::int64_t& d : order) {
    const std::size_t axis = a.axis(d, x->rank());
    if (auto s = a.check(); !s) return s.error();
    if (seen[axis]) return invalid("an axis of permute is given twice", std::to_string(axis));
    seen[axis] = true;
    d = static_cast<std::int64_t>(axis);
  }
  return permuted(e, *x, order);
}
inline result<value> transpose(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t first = a.integer("dim0"), second = a.integer("dim1");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t p = a.axis(first, x->rank()), q = a.axis(second, x->rank());
  if (auto s = a.check(); !s) return s.error();
  std::vector<std::int64_t> order;
  for (int i = 0; i < x->rank(); ++i) order.push_back(i);
  std::swap(order[p], order[q]);
  return permuted(e, *x, order);
}
/// [N, g*k, H, W] seen as [N, g, k, H, W] with g and k exchanged.
inline result<value> channel_shuffle(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t g = a.integer("groups");
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() != 4 || g < 1 || x->size[1] % g != 0)
    return invalid("groups of channel_shuffle", std::to_string(g));
  const bool inner = !x->constant() && x->channels_inner;
  const std::int64_t k = x->size[1] / g, n = x->size[0], pixels = x->size[2] * x->size[3];
  const auto in = e.held(*x, inner);
  if (!in) return in.error();
  const tensor_id split = e.make_like(*x), moved = e.make_like(*x), to = e.make_like(*x);
  using list = std::vector<std::int64_t>;
  if (auto s = e.reshape(*in, split, inner ? list{n * pixels, g, k} : list{n, g, k, pixels}); !s)
    return s.error();
  if (auto s = e.transpose(split, moved, inner ? list{0, 2, 1} : list{0, 2, 1, 3}); !s)
    return s.error();
  const dims shape = e.g[*in].shape;
  if (auto s = e.reshape(moved, to, {shape.begin(), shape.end()}); !s) return s.error();
  return e.wrap(to, x->type, inner, suggests_channels_last(*x));
}

// ---- pieces ----

/// A piece [begin, begin + size) along one logical axis, in the layout the value already has. Its
/// strides stay those of the whole.
inline result<value> sliced(emitter& e, tensor_data& x, std::size_t axis, std::int64_t begin,
                            std::int64_t size) {
  const auto in = e.held_as_is(x);
  if (!in) return in.error();
  const bool inner = !x.constant() && x.channels_inner;
  std::vector<std::int64_t> from(x.size.size(), 0), count;
  for (std::int32_t v : e.g[*in].shape) count.push_back(v);
  const auto at = as_size(axis_in_layout(static_cast<int>(axis), x.rank(), inner));
  from[at] = begin;
  count[at] = size;
  const tensor_id to = e.make_like(x);
  attributes attrs;
  attrs.set("begin", from);
  attrs.set("size", count);
  if (auto s = e.emit(ops::slice, {*in}, to, std::move(attrs)); !s) return s.error();
  return as_view(with_strides(e, e.wrap(to, x.type, inner, false), x.stride), x,
                 begin * x.stride[axis]);
}
/// Every step-th index of [begin, end) along one axis.
inline result<value> stepped(emitter& e, tensor_data& x, std::size_t axis, std::int64_t begin,
                             std::int64_t end, std::int64_t step) {
  const auto in = e.held_as_is(x);
  if (!in) return in.error();
  const bool inner = !x.constant() && x.channels_inner;
  const auto at = as_size(axis_in_layout(static_cast<int>(axis), x.rank(), inner));
  std::vector<std::int64_t> from(x.size.size(), 0), to, steps(x.size.size(), 1);
  for (std::int32_t v : e.g[*in].shape) to.push_back(v);
  from[at] = begin, to[at] = end, steps[at] = std::min<std::int64_t>(step, INT32_MAX);
  const tensor_id y = e.make_like(x);
  attributes attrs;
  attrs.set("begin", std::move(from));
  attrs.set("end", std::move(to));
  attrs.set("strides", std::move(steps));
  if (auto s = e.emit(ops::strided_slice, {*in}, y, std::move(attrs)); !s) return s.error();
  auto stride = x.stride;
  stride[axis] *= std::min<std::int64_t>(step, INT32_MAX);
  return as_view(with_strides(e, e.wrap(y, x.type, inner, false), std::move(stride)), x,
                 begin * x.stride[axis]);
}
inline result<value> slice(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim"), step = a.integer("step");
  std::int64_t begin = a.none("start") ? 0 : a.integer("start"),
               end = a.none("end") ? INT64_MAX : a.integer("end");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  if (step < 1) return invalid("step of a slice", std::to_string(step), "1 or more");
  const std::int64_t n = x->size[axis];
  if (begin < 0) begin += n;
  if (end < 0) end += n;
  begin = std::clamp<std::int64_t>(begin, 0, n);
  end = std::clamp<std::int64_t>(end, begin, n);
  if (step > 1 && end - begin > 1) return stepped(e, *x, axis, begin, end, step);
  if (begin == 0 && end == n) return a["self"];
  return sliced(e, *x, axis, begin, end - begin);
}
inline result<value> select(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim");
  std::int64_t at = a.integer("index");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t n = x->size[axis];
  if (at < 0) at += n;
  if (at < 0 || at >= n) return invalid("index of select", std::to_string(at), std::to_string(n));
  const auto piece = sliced(e, *x, axis, at, 1);
  if (!piece) return piece;
  std::vector<std::int64_t> size = x->size, stride = x->stride;
  size.erase(size.begin() + static_cast<std::ptrdiff_t>(axis));
  stride.erase(stride.begin() + static_cast<std::ptrdiff_t>(axis));
  return viewed(e, *piece->t, std::move(size), std::move(stride));
}
/// Pieces of that many elements, the last one of the rest; `Chunk`: that many pieces of ceil(n /
/// given).
template <bool Chunk>
result<std::vector<std::int64_t>> equal_pieces(const arguments& a, std::int64_t n,
                                               std::int64_t given) {
  if (given < 1) return invalid("number of pieces of " + a.name, std::to_string(given));
  const std::int64_t chunk = n / given + (n % given != 0);  // rounded up, without overflow
  const std::int64_t step = std::max<std::int64_t>(Chunk ? chunk : given, 1);
  if (n / step > 4096) return too_large("pieces of " + a.name);
  std::vector<std::int64_t> sizes;
  for (std::int64_t at = 0; at < n; at += std::min(step, n - at))
    sizes.push_back(std::min(step, n - at));
  return sizes;
}
/// chunk(x, chunks, dim), split(x, size or sizes, dim) by the name of the second.
template <bool Chunk>
result<value> pieces_of(emitter& e, arguments& a, std::string_view parameter) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim");
  std::vector<std::int64_t> sizes = a.integers(parameter);
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t n = x->size[axis];
  if (!a[parameter].is_sequence()) {
    auto equal = equal_pieces<Chunk>(a, n, sizes[0]);
    if (!equal) return equal.error();
    sizes = std::move(*equal);
  }
  std::vector<value> out;
  std::int64_t at = 0;
  for (std::int64_t size : sizes) {
    if (size < 0 || size > n - at) return invalid("pieces of " + a.name);
    const auto piece = sliced(e, *x, axis, at, size);
    if (!piece) return piece;
    out.push_back(*piece);
    at += size;
  }
  return e.c.values.list(std::move(out));
}
inline result<value> chunk(emitter& e, arguments& a) { return pieces_of<true>(e, a, "chunks"); }
inline result<value> split(emitter& e, arguments& a) {
  return pieces_of<false>(e, a, "split_size");
}
inline result<value> split_with_sizes(emitter& e, arguments& a) {
  return pieces_of<false>(e, a, "split_sizes");
}

// ---- padding ----

/// Paddings before and after each axis of the IR from [left, right, top, bottom, ...]: the last
/// axis first.
inline result<std::vector<std::int64_t>> paddings_of(const arguments& a, const tensor_data& x,
                                                     const std::vector<std::int64_t>& amounts,
                                                     bool inner) {
  const int rank = x.rank();
  if (amounts.size() % 2 != 0 || amounts.size() / 2 > as_size(rank))
    return invalid("padding of " + a.name, std::to_string(amounts.size()) + " numbers");
  std::vector<std::int64_t> paddings(2 * as_size(rank), 0);
  for (std::size_t k = 0; k < amounts.size() / 2; ++k) {
    const auto axis = as_size(axis_in_layout(rank - 1 - static_cast<int>(k), rank, inner));
    paddings[2 * axis] = amounts[2 * k], paddings[2 * axis + 1] = amounts[2 * k + 1];
  }
  return paddings;
}
/// The elements of one axis in another order: index[i] of each i.
inline result<value> picked(emitter& e, tensor_data& x, std::size_t axis,
                            const std::vector<std::int64_t>& index) {
  const auto in = e.held_as_is(x);
  if (!in) return in.error();
  const bool inner = !x.constant() && x.channels_inner;
  const tensor_id to = e.make_like(x);
  attributes attrs;
  attrs.set("axis", std::int64_t{axis_in_layout(static_cast<int>(axis), x.rank(), inner)});
  if (auto s = e.emit(ops::gather, {*in, e.constant_of(index)}, to, std::move(attrs)); !s)
    return s.error();
  return e.wrap(to, x.type, inner, suggests_channels_last(x));
}
/// Padding that repeats the edge, or goes on at the other end (`circular`).
inline result<value> pad_by_index(emitter& e, tensor_data& x,
                                  const std::vector<std::int64_t>& amounts, bool circular) {
  if (amounts.size() % 2 != 0 || amounts.size() / 2 > x.size.size())
    return invalid("padding of " + e.operator_name(), std::to_string(amounts.size()) + " numbers");
  value v = value_of(x);
  for (std::size_t k = 0; k < amounts.size() / 2; ++k) {
    const std::size_t axis = x.size.size() - 1 - k;
    const std::int64_t n = x.size[axis], before = amounts[2 * k], after = amounts[2 * k + 1];
    if (before == 0 && after == 0) continue;
    if (n < 1 || before < 0 || after < 0 || before + after > INT32_MAX - n ||
        (circular && (before > n || after > n)))
      return invalid("padding of " + e.operator_name(),
                     std::to_string(before) + ", " + std::to_string(after));
    std::vector<std::int64_t> index;
    for (std::int64_t i = -before; i < n + after; ++i)
      index.push_back(circular ? (i + n) % n : std::clamp<std::int64_t>(i, 0, n - 1));
    const auto wider = picked(e, *v.t, axis, index);
    if (!wider) return wider;
    v = *wider;
  }
  return circular && v.t != &x ? as_contiguous(e, v) : v;
}
inline result<value> padded(emitter& e, arguments& a, tensor_data& x,
                            const std::vector<std::int64_t>& amounts, const std::string& mode,
                            double fill);
/// Negative amounts cut; what is left of them pads.
inline result<value> cropped(emitter& e, arguments& a, tensor_data& x,
                             std::vector<std::int64_t> amounts, const std::string& mode,
                             double fill) {
  value v = value_of(x);
  if (amounts.size() % 2 != 0 || amounts.size() / 2 > x.size.size())
    return invalid("padding of " + a.name, std::to_string(amounts.size()) + " numbers");
  for (std::size_t k = 0; k < amounts.size() / 2; ++k) {
    std::int64_t &before = amounts[2 * k], &after = amounts[2 * k + 1];
    const std::size_t axis = x.size.size() - 1 - k;
    const std::int64_t n = x.size[axis], from = before < 0 ? -before : 0,
                       to = after < 0 ? n + after : n;
    if (before < -n || after < -n || to < from)
      return invalid("padding of " + a.name, std::to_string(before) + ", " + std::to_string(after));
    if (from == 0 && to == n) continue;
    const auto piece = sliced(e, *v.t, axis, from, to - from);
    if (!piece) return piece;
    v = *piece;
    before = std::max<std::int64_t>(before, 0), after = std::max<std::int64_t>(after, 0);
  }
  return padded(e, a, *v.t, amounts, mode, fill);
}
/// Constant padding of a quantized tensor writes the code of `fill`.
inline result<value> padded(emitter& e, arguments& a, tensor_data& x,
                            const std::vector<std::int64_t>& amounts, const std::string& mode,
                            double fill) {
  if (mode == "replicate" || mode == "circular") return pad_by_index(e, x, amounts, mode[0] == 'c');
  if (mode != "constant" && mode != "reflect")
    return unsupported("mode of " + a.name, mode.substr(0, 40),
                       "constant, reflect, replicate, circular");
  if (std::any_of(amounts.begin(), amounts.end(), [](std::int64_t v) { return v < 0; }))
    return cropped(e, a, x, amounts, mode, fill);
  const bool quantized = is_quantized(x.type), inner = !x.constant() && x.channels_inner;
  if (quantized)
    if (auto s = e.per_tensor(x); !s) return s.error();
  auto paddings = paddings_of(a, x, amounts, inner);
  if (!paddings) return paddings.error();
  if (std::all_of(paddings->begin(), paddings->end(), [](std::int64_t v) { return v == 0; }))
    return value_of(x);
  const auto in = e.held(x, inner);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  attributes attrs;
  attrs.set("paddings", std::move(*paddings));
  if (mode == "constant" && quantized)
    attrs.set("value", std::int64_t{quantized_value(fill, x)});
  else if (mode == "constant")
    attrs.set("value", fill);
  const op_def& op = mode == "reflect" ? ops::mirror_pad : quantized ? ops::qnn_pad : ops::pad;
  if (auto s = e.emit(op, {*in}, to, std::move(attrs)); !s) return s.error();
  const bool loses_format = mode == "reflect" && quantized;
  return e.wrap(to, x.type, inner, !loses_format && suggests_channels_last(x));
}
/// pad(x, amounts, mode, value).
inline result<value> pad(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("input");
  const auto amounts = a.integers("pad");
  const value mode = a["mode"];
  const double fill = a.real_or("value", 0);
  if (auto s = a.check(); !s) return s.error();
  return padded(e, a, *x, amounts, mode.is(kind::string) ? mode.c->text : "constant", fill);
}

enum class pad_name : std::uint8_t { constant, reflect, replicate };
/// The operators that name their mode: (x, amounts) and constant_pad_nd(x, amounts, value).
template <pad_name Mode> result<value> padded_by(emitter& e, arguments& a) {
  const char* mode = Mode == pad_name::constant  ? "constant"
                     : Mode == pad_name::reflect ? "reflect"
                                                 : "replicate";
  constexpr bool constant = Mode == pad_name::constant;
  tensor_data* x = a.tensor(a.first());
  const auto amounts = a.integers(constant ? "pad" : "padding");
  const double fill = constant ? a.real_or("value", 0) : 0;
  if (auto s = a.check(); !s) return s.error();
  return padded(e, a, *x, amounts, mode, fill);
}
/// t(x) and x.T of up to two axes.
inline result<value> matrix_transpose(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() < 2) return a["self"];
  if (x->rank() > 2)
    return unsupported("rank of the input of " + a.name, std::to_string(x->rank()), "2");
  return permuted(e, *x, {1, 0});
}
/// movedim(x, from, to): the axes that are not named keep their order.
inline result<value> movedim(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const auto from = a.integers("source"), to = a.integers("destination");
  if (auto s = a.check(); !s) return s.error();
  if (from.size() != to.size()) return invalid("axes of " + a.name);
  std::vector<std::int64_t> order(x->size.size(), -1);
  std::vector<bool> moved(x->size.size(), false);
  for (std::size_t k = 0; k < from.size(); ++k) {
    const std::size_t p = a.axis(from[k], x->rank()), q = a.axis(to[k], x->rank());
    if (auto s = a.check(); !s) return s.error();
    if (moved[p] || order[q] >= 0) return invalid("axes of " + a.name, "the same twice");
    moved[p] = true, order[q] = static_cast<std::int64_t>(p);
  }
  std::size_t next = 0;
  for (std::int64_t& axis : order) {
    if (axis >= 0) continue;
    while (moved[next]) ++next;
    axis = static_cast<std::int64_t>(next++);
  }
  return permuted(e, *x, order);
}
inline result<value> type_as(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *like = a.tensor("other");
  if (auto s = a.check(); !s) return s.error();
  return cast_to(e, *x, like->type);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_SHAPE_HPP_

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

/// Logical axes as attribute of a node on the value in that layout.
inline std::vector<std::int64_t> axes_in_layout(const tensor_data& x,
                                                const std::vector<std::int64_t>& axes, bool inner) {
  std::vector<std::int64_t> r;
  for (std::int64_t a : axes) r.push_back(axis_in_layout(static_cast<int>(a), x.rank(), inner));
  return r;
}
/// Axes of x, none negative.
inline std::vector<std::int64_t> axes_argument(arguments& a, std::string_view parameter,
                                               const tensor_data& x) {
  std::vector<std::int64_t> r;
  for (std::int64_t d : a.integers(parameter)) {
    const std::size_t axis = a.axis(d, std::max(x.rank(), 1));
    if (x.rank() != 0) r.push_back(static_cast<std::int64_t>(axis));
  }
  return r;
}
/// One node of data movement on `x` in the layout it has.
inline result<value> moved_node(emitter& e, tensor_data& x, const op_def& op, attributes attrs) {
  const auto in = e.held_as_is(x);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  if (auto s = e.emit(op, {*in}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, x.type, !x.constant() && x.channels_inner, suggests_channels_last(x));
}

/// Elements of a tensor that a program makes of nothing.
inline constexpr std::size_t most_made = std::size_t{1} << 22;
/// A constant of the file's making: `count` elements of one type from numbers.
inline result<value> constant_tensor(emitter& e, const std::vector<double>& numbers,
                                     const std::vector<std::int64_t>& size, scalar type) {
  if (type == scalar::f16) {
    const auto real = constant_tensor(e, numbers, size, scalar::f32);
    return real ? e.as_halves(*real->t) : real;
  }
  const auto shape = e.ir_shape(size, false);
  if (!shape) return shape.error();
  const auto count = as_size(shape->elements().value);
  if (count > most_made) return too_large("a tensor made by " + e.operator_name());
  if (auto s = e.c.build.work.spend(count); !s) return s.error();
  const auto make = [&]<class T>(T) {
    std::vector<T> v(count);
    for (std::size_t i = 0; i < count; ++i)
      v[i] = static_cast<T>(numbers.size() == 1 ? numbers[0] : numbers[i]);
    return e.g.add_constant("", dtype_of_scalar(type), *shape,
                            constant_data::of(std::span<const T>(v)));
  };
  tensor_id id = no_tensor;
  switch (type) {
    case scalar::f32: id = make(float{}); break;
    case scalar::s64: id = make(std::int64_t{}); break;
    case scalar::s32: id = make(std::int32_t{}); break;
    case scalar::u8:
    case scalar::boolean: id = make(std::uint8_t{}); break;
    case scalar::s8:
    case scalar::s16:
    case scalar::f16:
    case scalar::f64:
    case scalar::qint8:
    case scalar::quint8:
    case scalar::qint32:
    case scalar::bf16:
    case scalar::quint4x2:
    case scalar::unknown:
      return unsupported("element type of " + e.operator_name(), std::string(name_of(type)),
                         "float32, float16, int64, int32, uint8, bool");
  }
  return e.wrap(id, type, false, false);
}
// ---- repeat, reorder ----

/// Tensors along a new axis: joined along the one that has its place, which is then split; PyTorch
/// does the same, and the result's strides tell.
inline result<value> stack(emitter& e, arguments& a) {
  const auto list = tensors_of(a);
  if (!list) return list.error();
  const int rank = list->front()->rank();
  const std::size_t dim = a.axis(a.integer("dim"), rank + 1);
  if (auto s = a.check(); !s) return s.error();
  const bool at_end = dim == as_size(rank);
  std::vector<value> parts;
  for (tensor_data* t : *list) {
    if (t->size != list->front()->size) return invalid("extents in the list of " + a.name);
    auto size = t->size, stride = t->stride;
    size.push_back(1), stride.push_back(1);
    const auto v = at_end ? viewed(e, *t, std::move(size), std::move(stride)) : value_of(*t);
    if (!v) return v;
    parts.push_back(*v);
  }
  arguments as(e.c, a.name,
               {{"tensors", e.c.values.list(std::move(parts))},
                {"dim", value::of(static_cast<std::int64_t>(dim))}});
  const auto joined = cat<false, false>(e, as);
  if (!joined || at_end) return joined;
  auto size = list->front()->size;
  size.insert(size.begin() + static_cast<std::ptrdiff_t>(dim),
              static_cast<std::int64_t>(list->size()));
  return reshaped(e, *joined->t, std::move(size));
}
/// x with axes of extent 1 in front, so that it has `rank` of them.
inline result<value> with_rank(emitter& e, tensor_data& x, std::size_t rank) {
  if (x.size.size() >= rank) return value_of(x);
  auto size = x.size;
  size.insert(size.begin(), rank - size.size(), 1);
  return reshaped(e, x, std::move(size));
}
/// Axes of extent 1 repeated; -1 keeps an extent. The result's strides are 0 there.
inline result<value> expanded(emitter& e, tensor_data& x, std::vector<std::int64_t> size) {
  if (size.size() < x.size.size() || size.size() > as_size(dims::max_rank))
    return invalid("extents of " + e.operator_name(), std::to_string(size.size()) + " axes",
                   "at least " + std::to_string(x.rank()));
  const auto wide = with_rank(e, x, size.size());
  if (!wide) return wide;
  tensor_data& w = *wide->t;
  for (std::size_t i = 0; i < size.size(); ++i)
    if (size[i] == -1) size[i] = w.size[i];
  if (size == w.size) return *wide;
  if (const auto shape = e.ir_shape(size, false); !shape) return shape.error();
  const auto in = e.held(w, false);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  attributes attrs;
  attrs.set("shape", size);
  if (auto s = e.emit(ops::broadcast_to, {*in}, to, std::move(attrs)); !s) return s.error();
  auto stride = w.stride;
  for (std::size_t i = 0; i < size.size(); ++i)
    if (size[i] != w.size[i]) stride[i] = 0;
  return as_view(with_strides(e, e.wrap(to, x.type, false, false), std::move(stride)), x);
}
inline result<value> expand(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  auto size = a.integers("size");
  if (auto s = a.check(); !s) return s.error();
  return expanded(e, *x, std::move(size));
}
inline result<value> expand_as(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *like = a.tensor("other");
  if (auto s = a.check(); !s) return s.error();
  return expanded(e, *x, like->size);
}
/// repeat(x, counts), tile(x, counts), of which tile takes fewer counts than axes.
template <bool Tile> result<value> repeat(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  auto counts = a.integers(Tile ? "dims" : "repeats");
  if (auto s = a.check(); !s) return s.error();
  if (counts.size() > as_size(dims::max_rank))
    return invalid("counts of " + a.name, std::to_string(counts.size()));
  if (!Tile && counts.size() < x->size.size())
    return invalid("counts of " + a.name, std::to_string(counts.size()),
                   "one for each of " + std::to_string(x->rank()) + " axes");
  if (counts.size() < x->size.size())
    counts.insert(counts.begin(), x->size.size() - counts.size(), 1);
  const auto wide = with_rank(e, *x, counts.size());
  if (!wide) return wide;
  const auto in = e.held(*wide->t, false);
  if (!in) return in.error();
  const tensor_id to = e.make_like(*x);
  attributes attrs;
  attrs.set("multiples", counts);
  if (auto s = e.emit(ops::tile, {*in}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, x->type, false, false);
}
inline result<value> flip(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const auto axes = axes_argument(a, "dims", *x);
  if (auto s = a.check(); !s) return s.error();
  attributes attrs;
  attrs.set("axes", axes_in_layout(*x, axes, !x->constant() && x->channels_inner));
  if (axes.empty()) return a["self"];
  return moved_node(e, *x, ops::reverse, std::move(attrs));
}
/// roll(x, shifts, dims); without dims over all elements in order.
inline result<value> roll(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const auto shifts = a.integers("shifts");
  if (auto s = a.check(); !s) return s.error();
  auto axes = axes_argument(a, "dims", *x);
  if (auto s = a.check(); !s) return s.error();
  value v = a["self"];
  const bool flat = axes.empty();
  if (flat) {
    const auto line = reshaped(e, *x, {x->elements()});
    if (!line) return line;
    v = *line;
    axes = {0};
  }
  if (shifts.size() != axes.size())
    return invalid("shifts of " + a.name, std::to_string(shifts.size()),
                   std::to_string(axes.size()));
  for (std::size_t k = 0; k < axes.size(); ++k) {
    const auto axis = as_size(axes[k]);
    const std::int64_t n = v.t->size[axis];
    if (n == 0 || shifts[k] % n == 0) continue;
    const std::int64_t by = (shifts[k] % n + n) % n;
    if (auto s = e.c.build.work.spend(sizeof(std::int64_t) * as_size(n)); !s) return s.error();
    std::vector<std::int64_t> index;
    for (std::int64_t i = 0; i < n; ++i) index.push_back((i + n - by) % n);
    const auto turned = picked(e, *v.t, axis, index);
    if (!turned) return turned;
    v = *turned;
  }
  return flat ? reshaped(e, *v.t, x->size) : v;
}
inline result<value> unbind(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  if (x->size[axis] > 4096) return too_large("pieces of " + a.name);
  std::vector<value> out;
  for (std::int64_t i = 0; i < x->size[axis]; ++i) {
    arguments one(e.c, a.name,
                  {{"self", a["self"]},
                   {"dim", value::of(static_cast<std::int64_t>(axis))},
                   {"index", value::of(i)}});
    const auto piece = select(e, one);
    if (!piece) return piece;
    out.push_back(*piece);
  }
  return e.c.values.list(std::move(out));
}
inline result<value> narrow(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim"), start = a.integer("start"),
                     length = a.integer("length");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t n = x->size[axis], from = start < 0 ? start + n : start;
  if (from < 0 || from > n || length < 0 || length > n - from)
    return invalid("range of " + a.name, std::to_string(start) + ", " + std::to_string(length));
  return sliced(e, *x, axis, from, length);
}
/// unflatten(x, dim, sizes).
inline result<value> unflatten(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim");
  auto sizes = a.integers("sizes");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  std::int64_t known = 1;
  for (std::int64_t v : sizes)
    if (v > 0 && known <= INT32_MAX) known *= std::min<std::int64_t>(v, INT32_MAX);
  for (std::int64_t& v : sizes)
    if (v == -1) v = x->size[axis] / known;
  auto size = x->size;
  size.erase(size.begin() + static_cast<std::ptrdiff_t>(axis));
  size.insert(size.begin() + static_cast<std::ptrdiff_t>(axis), sizes.begin(), sizes.end());
  return reshaped(e, *x, std::move(size));
}
/// Channels as blocks of pixels: the block's place is inside the channel.
inline result<value> pixel_shuffle(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int32_t b = a.small("upscale_factor", a.integer("upscale_factor"));
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() != 4 || b < 1)
    return unsupported("input of " + a.name, std::to_string(x->rank()) + " axes", "4");
  const auto in = e.held(*x, true);
  if (!in) return in.error();
  const tensor_id to = e.make_like(*x);
  attributes attrs;
  attrs.set("block_size", std::int64_t{b});
  attrs.set("crd", std::int64_t{1});
  if (auto s = e.emit(ops::depth_to_space, {*in}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, x->type, true, !is_quantized(x->type) && suggests_channels_last(*x));
}
/// The inverse: [N, C, H*b, W*b] seen as [N, C, H, b, W, b].
inline result<value> pixel_unshuffle(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t b = a.small("downscale_factor", a.integer("downscale_factor"));
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() != 4 || b < 1 || x->size[2] % b != 0 || x->size[3] % b != 0)
    return unsupported("input of " + a.name, std::to_string(x->rank()) + " axes",
                       "4, height and width multiples of the factor");
  const std::int64_t n = x->size[0], c = x->size[1], h = x->size[2] / b, w = x->size[3] / b;
  const bool last = !is_quantized(x->type) && suggests_channels_last(*x);
  const auto blocks = reshaped(e, *x, {n, c, h, b, w, b});
  if (!blocks) return blocks;
  const auto in = e.held(*blocks->t, false);
  if (!in) return in.error();
  const tensor_id moved = e.make_like(*x), to = e.make_like(*x);
  if (auto s = e.transpose(*in, moved, {0, 1, 3, 5, 2, 4}); !s) return s.error();
  if (auto s = e.reshape(moved, to, {n, c * b * b, h, w}); !s) return s.error();
  return e.wrap(to, x->type, false, last);
}

// ---- pick by index ----

/// Rows of `axis` by an index tensor, whose axes take the axis's place; contiguous.
inline result<value> gathered(emitter& e, tensor_data& x, tensor_data& index, std::size_t axis) {
  e.take_as_indices(index);
  if (index.type != scalar::s64 && index.type != scalar::s32)
    return unsupported("index of " + e.operator_name(), std::string(name_of(index.type)),
                       "int32, int64");
  const bool inner = index.rank() == 1 && !x.constant() && x.channels_inner;
  const auto in = e.held(x, inner), at = e.held(index, false);
  if (!in) return in.error();
  if (!at) return at.error();
  const tensor_id to = e.make_like(x);
  attributes attrs;
  attrs.set("axis", std::int64_t{axis_in_layout(static_cast<int>(axis), x.rank(), inner)});
  if (auto s = e.emit(ops::gather, {*in, *at}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, x.type, inner, false);
}
/// The same by x[:, index], whose result PyTorch's iterator lays out; of codes only the format is
/// kept.
inline result<value> indexed(emitter& e, tensor_data& x, tensor_data& index, std::size_t axis) {
  const auto v = gathered(e, x, index, axis);
  if (!v) return v;
  const auto place = static_cast<std::ptrdiff_t>(axis);
  std::vector<std::int64_t> from = x.stride, by(v->t->size.size(), 0);
  from.erase(from.begin() + place);
  from.insert(from.begin() + place, index.size.size(), 0);
  const auto steps = contiguous_strides(index.size);
  std::copy(steps.begin(), steps.end(), by.begin() + place);
  const value laid_out = with_strides(e, *v, iterated_strides(v->t->size, {from, by}));
  if (!is_quantized(x.type)) return laid_out;
  return with_strides(e, laid_out,
                      suggests_channels_last(*laid_out.t) ? channels_last_strides(laid_out.t->size)
                                                          : contiguous_strides(laid_out.t->size));
}
inline result<value> index_select(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *index = a.tensor("index");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  if (index->rank() == 0) {
    const auto line = reshaped(e, *index, {1});
    if (!line) return line;
    index = line->t;
  }
  return gathered(e, *x, *index, axis);
}
/// The broadcast indices of neighbouring axes, from `first` on, as one index of those axes'
/// elements in a row: negative ones count from the end of their axis.
inline result<value> joint_index(emitter& e, const tensor_data& x, const std::vector<value>& list,
                                 std::size_t first, std::size_t behind) {
  tensor_data* all = nullptr;
  for (std::size_t axis = first; axis < behind; ++axis) {
    tensor_data& given = *list[axis].t;
    e.take_as_indices(given);
    if (given.type != scalar::s64 && given.type != scalar::s32)
      return unsupported("index of " + e.operator_name(), std::string(name_of(given.type)),
                         "int32, int64");
    const auto wide = cast_to(e, given, scalar::s64);
    if (!wide) return wide;
    const auto of = [&](std::int64_t v) {
      return number_of(e, static_cast<double>(v), scalar::s64);
    };
    const auto below = emit_pair(e, ops::less, {wide->t, of(0)}, scalar::boolean);
    if (!below) return below;
    const auto wrapped = emit_pair(e, ops::add, {wide->t, of(x.size[axis])}, scalar::s64);
    if (!wrapped) return wrapped;
    auto next = chosen(e, *below->t, *wrapped->t, *wide->t);
    if (!next) return next;
    if (all) {
      const auto rows = emit_pair(e, ops::mul, {all, of(x.size[axis])}, scalar::s64);
      if (!rows) return rows;
      next = emit_pair(e, ops::add, {rows->t, next->t}, scalar::s64);
      if (!next) return next;
    }
    all = next->t;
  }
  return value_of(*all);
}
/// The places of the true elements of a mask of one axis that is known when the file is loaded.
inline result<value> places_of_true(emitter& e, const tensor_data& mask) {
  const auto bits = e.c.numbers<std::uint8_t>(mask);
  if (!bits) return bits.error();
  std::vector<double> places;
  for (std::size_t i = 0; i < bits->size(); ++i)
    if ((*bits)[i] != 0) places.push_back(static_cast<double>(i));
  if (places.empty()) return unsupported("a mask that is false everywhere in " + e.operator_name());
  return constant_tensor(e, places, {static_cast<std::int64_t>(places.size())}, scalar::s64);
}
/// x with the axes that are indexed in front, where they are not neighbours: PyTorch puts the axes
/// of the indices there.
inline result<value> indexed_in_front(emitter& e, tensor_data& x, value_list& list) {
  std::vector<std::int64_t> order;
  value_list moved;
  for (const bool with_index : {true, false})
    for (std::size_t i = 0; i < x.size.size(); ++i)
      if ((i < list.size() && list[i].is(kind::tensor)) == with_index) {
        order.push_back(static_cast<std::int64_t>(i));
        if (with_index) moved.push_back(list[i]);
      }
  list = std::move(moved);
  return permuted(e, x, order);
}
/// index(x, [index or none for each axis]): x[:, index], x[a, b].
inline result<value> index(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const value indices = a["indices"];
  if (!indices.is_sequence()) return unsupported("indices of " + a.name);
  value_list list = indices.c->items;
  if (list.size() > x->size.size()) return invalid("indices of " + a.name);
  std::vector<std::size_t> axes;
  for (std::size_t i = 0; i < list.size(); ++i)
    if (!list[i].is(kind::none)) axes.push_back(i);
  for (const std::size_t i : axes)
    if (list[i].is(kind::tensor) && list[i].t->type == scalar::boolean && list[i].t->rank() == 1 &&
        e.c.known(*list[i].t)) {
      if (list[i].t->size[0] != x->size[i]) return invalid("extents of a mask in " + a.name);
      const auto places = places_of_true(e, *list[i].t);
      if (!places) return places;
      list[i] = *places;
    }
  if (!axes.empty() && axes.back() - axes.front() + 1 != axes.size()) {
    const auto front = indexed_in_front(e, *x, list);
    if (!front) return front;
    x = front->t;
  }
  std::size_t at = list.size(), behind = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i].is(kind::none)) continue;
    if (!list[i].is(kind::tensor)) return unsupported("indices of " + a.name);
    if (list[i].t->type == scalar::boolean)
      return unsupported("a mask as index of " + a.name,
                         "as many results as the mask has true elements",
                         "indices, whose number is known when the file is loaded; torch.where and "
                         "x[mask] = v keep the shape");
    at = std::min(at, i), behind = i + 1;
  }
  if (behind == 0) return a["self"];
  if (behind - at == 1) return indexed(e, *x, *list[at].t, at);
  const auto index = joint_index(e, *x, list, at, behind);
  if (!index) return index;
  auto size = x->size;
  std::int64_t joined = 1;
  for (std::size_t i = at; i < behind; ++i) joined *= size[i];
  size.erase(size.begin() + static_cast<std::ptrdiff_t>(at) + 1,
             size.begin() + static_cast<std::ptrdiff_t>(behind));
  size[at] = joined;
  const auto flat = reshaped(e, *x, std::move(size));
  if (!flat) return flat;
  return indexed(e, *flat->t, *index->t, at);
}
/// embedding(weight, indices, ..).
inline result<value> embedding(emitter& e, arguments& a) {
  tensor_data *weight = a.tensor("weight"), *indices = a.tensor("indices");
  if (auto s = a.check(); !s) return s.error();
  if (weight->rank() != 2) return invalid("rank of the weights of " + a.name);
  return gathered(e, *weight, *indices, 0);
}

// ---- search ----

/// One reduction of codes or numbers over axes.
inline result<value> reduced(emitter& e, tensor_data& x, const op_def& op,
                             const std::vector<std::int64_t>& axes, bool keep,
                             attributes attrs = {}) {
  if (is_quantized(x.type))
    if (auto s = e.per_tensor(x); !s) return s.error();
  if (x.rank() == 0) return value_of(x);
  // Sums of floats depend on the order of the memory, wherever octet holds the channels.
  const bool sums = &op == &ops::sum && x.type == scalar::f32,
             inner = (x.rank() == 3 && lies_channels_inner(x)) ||
                     (sums && x.rank() >= 4 ? suggests_channels_last(x)
                                            : !x.constant() && x.channels_inner);
  const auto in = e.held(x, inner);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  attrs.set("axes", axes_in_layout(x, axes, inner));
  attrs.set("keep_dims", std::int64_t{1});
  if (auto s = e.emit(op, {*in}, to, std::move(attrs), {.framework = e.facts_of(x, inner)}); !s)
    return s.error();
  const value all = e.wrap(to, x.type, inner, false);
  if (keep) return all;
  std::vector<std::int64_t> left;
  for (int i = 0; i < x.rank(); ++i)
    if (std::find(axes.begin(), axes.end(), i) == axes.end()) left.push_back(x.size[as_size(i)]);
  return reshaped(e, *all.t, std::move(left));
}
/// All axes where none is given.
inline std::vector<std::int64_t> axes_or_all(arguments& a, std::string_view parameter,
                                             const tensor_data& x) {
  std::vector<std::int64_t> axes;
  if (!a.none(parameter)) axes = axes_argument(a, parameter, x);
  if (axes.empty())
    for (int k = 0; k < x.rank(); ++k) axes.push_back(k);
  return axes;
}
/// amax, amin, any, all: (x, dim, keepdim).
template <const op_def& Op> result<value> reduction_of_axes(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const bool keep = a.boolean("keepdim");
  if (auto s = a.check(); !s) return s.error();
  const auto axes = axes_or_all(a, "dim", *x);
  if (auto s = a.check(); !s) return s.error();
  return reduced(e, *x, Op, axes, keep);
}
/// Index of the largest (or smallest) along an axis; without one, of all elements in order.
template <const op_def& Op> result<value> arg_extreme(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const bool keep = a.boolean("keepdim"), flat = a.none("dim");
  const std::int64_t dim = flat ? 0 : a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  value v = a["self"];
  if (flat) {
    const auto line = reshaped(e, *x, {x->elements()});
    if (!line) return line;
    v = *line;
  }
  const std::size_t axis = a.axis(dim, v.t->rank());
  if (auto s = a.check(); !s) return s.error();
  const auto in = e.held(*v.t, false);
  if (!in) return in.error();
  const tensor_id to = e.make(scalar::s64);
  attributes attrs;
  attrs.set("axis", static_cast<std::int64_t>(axis));
  if (keep && !flat) attrs.set("keep_dims", std::int64_t{1});
  if (auto s = e.emit(Op, {*in}, to, std::move(attrs)); !s) return s.error();
  const value found = e.wrap(to, scalar::s64, false, false);
  if (!keep || !flat) return found;
  return reshaped(e, *found.t, std::vector<std::int64_t>(x->size.size(), 1));
}
/// max(x), max(x, dim, keepdim) with the indices, max(x, other); min likewise.
template <const op_def& Two, const op_def& Over, const op_def& Arg>
result<value> largest(emitter& e, arguments& a) {
  if (a["dim"].is(kind::tensor)) return extreme_of<Two>(e, a, "dim");
  tensor_data* x = a.tensor("self");
  const bool keep = a.boolean("keepdim"), all = a.none("dim");
  if (auto s = a.check(); !s) return s.error();
  const auto axes = axes_or_all(a, "dim", *x);
  if (auto s = a.check(); !s) return s.error();
  const auto values = reduced(e, *x, Over, axes, keep && !all);
  if (!values || all) return values;
  const auto indices = arg_extreme<Arg>(e, a);
  if (!indices) return indices;
  return e.c.values.list({*values, *indices}, kind::tuple);
}
/// The k largest (or smallest) along an axis and their indices.
inline result<value> best(emitter& e, tensor_data& x, std::size_t axis, const topk_attrs& how) {
  if (is_quantized(x.type))
    if (auto s = e.per_tensor(x); !s) return s.error();
  std::vector<std::int64_t> order;
  for (int i = 0; i < x.rank(); ++i) order.push_back(i);
  std::swap(order[axis], order.back());
  const auto turned = permuted(e, x, order);
  if (!turned) return turned;
  const auto in = e.held(*turned->t, false);
  if (!in) return in.error();
  const tensor_id values = e.make_like(x), indices = e.make(scalar::s64);
  attributes attrs;
  attrs.set("k", std::int64_t{how.k});
  if (how.smallest) attrs.set("smallest", std::int64_t{1});
  attrs.set("order", static_cast<std::int64_t>(how.order));
  if (auto s = e.c.build.emit(ops::topk, {*in}, {values, indices}, std::move(attrs)); !s)
    return s.error();
  const value v = e.wrap(values, x.type, false, false),
              i = e.wrap(indices, scalar::s64, false, false);
  const auto p = permuted(e, *v.t, order), q = permuted(e, *i.t, order);
  if (!p) return p;
  if (!q) return q;
  return e.c.values.list({*p, *q}, kind::tuple);
}
/// topk(x, k, dim, largest, sorted).
inline result<value> topk(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t k = a.integer("k"), dim = a.integer("dim");
  const bool smallest = !a.boolean("largest"), in_order = a.boolean("sorted");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  return best(
      e, *x, axis,
      {saturated(k), smallest, in_order ? topk_order::selected : topk_order::selected_unsorted});
}
/// sort(x, dim, descending), sort(x, stable, dim, descending).
inline result<value> sort(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim");
  const bool descending = a.boolean("descending"),
             stable = !a.none("stable") && a.boolean("stable");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const auto both = best(
      e, *x, axis,
      {saturated(x->size[axis]), !descending, stable ? topk_order::stable : topk_order::introsort});
  if (!both) return both;
  for (const value& v : both->c->items) with_strides(e, v, iterated_strides(x->size, {x->stride}));
  return a.name == "aten::sort" ? *both : both->c->items[1];
}
/// msort(x): the values of sort along the first axis.
inline result<value> msort(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() == 0) return value_of(*x);
  const auto both = best(e, *x, 0, {saturated(x->size[0]), true, topk_order::introsort});
  if (!both) return both;
  return both->c->items[0];
}
/// The k-th smallest along an axis, counted from 1. Which of equal elements is meant PyTorch's
/// selection decides: the places are unknown.
inline result<value> kth_smallest(emitter& e, tensor_data& x, std::size_t axis, std::int64_t k,
                                  bool keep) {
  if (k < 1 || k > x.size[axis])
    return invalid("k of " + e.operator_name(), std::to_string(k),
                   "1 to " + std::to_string(x.size[axis]));
  const auto lowest = best(e, x, axis, {saturated(k), true, topk_order::selected});
  if (!lowest) return lowest;
  const auto last = sliced(e, *lowest->c->items[0].t, axis, k - 1, 1);
  if (!last) return last;
  value v = *last;
  if (!keep) {
    auto size = x.size;
    size.erase(size.begin() + static_cast<std::ptrdiff_t>(axis));
    const auto line = reshaped(e, *v.t, std::move(size));
    if (!line) return line;
    v = *line;
  }
  return e.c.values.list({v, value::unknown()}, kind::tuple);
}
/// kthvalue(x, k, dim, keepdim).
inline result<value> kthvalue(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t k = a.integer("k"), dim = a.integer("dim");
  const bool keep = a.boolean("keepdim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  return kth_smallest(e, *x, axis, k, keep);
}
/// median(x), median(x, dim, keepdim): of two in the middle the lower one.
inline result<value> median(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const bool all = a.none("dim"), keep = a.boolean("keepdim");
  const std::int64_t dim = all ? 0 : a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  if (all) {
    const auto line = reshaped(e, *x, {x->elements()});
    if (!line) return line;
    x = line->t;
  }
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const auto v = kth_smallest(e, *x, axis, (x->size[axis] + 1) / 2, keep && !all);
  return v && all ? result<value>(v->c->items[0]) : v;
}
/// The element type that is asked for; `otherwise` where it is none.
inline result<scalar> type_argument(arguments& a, scalar otherwise) {
  if (a.none("dtype")) return otherwise;
  const std::int64_t code = a.integer("dtype");
  if (auto s = a.check(); !s) return s.error();
  return scalar_of_code(code);
}
/// The type that sums are made in: the one asked for, else int64 of whole numbers and bools.
inline result<scalar> type_of_sum(arguments& a, const tensor_data& x) {
  const auto type = type_argument(a, kind_of_number(x.type) == 2 ? scalar::f32 : scalar::s64);
  if (!type || *type == scalar::f32 || *type == scalar::s64 || *type == scalar::s32) return type;
  return unsupported("element type of " + a.name, std::string(name_of(*type)),
                     "float32, int64, int32");
}
/// cumsum(x, dim, dtype), cumprod(x, dim, dtype): float32 accumulates in binary64.
template <bool Product> result<value> accumulated(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_of_sum(a, *x);
  if (!type) return type.error();
  const auto from = cast_to(e, *x, *type);
  if (!from) return from;
  const auto in = e.held(*from->t, false);
  if (!in) return in.error();
  const tensor_id to = e.make(from->t->type);
  attributes attrs;
  attrs.set("axis", static_cast<std::int64_t>(axis));
  if (from->t->type == scalar::f32) attrs.set("wide", std::int64_t{1});
  if (Product) attrs.set("product", std::int64_t{1});
  if (auto s = e.emit(ops::cumsum, {*in}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, from->t->type, false, false);
}

// ---- made of nothing ----

inline scalar type_of_number(const value& v) {
  return v.is(kind::real) || (v.is(kind::tensor) && v.t->type == scalar::f32) ? scalar::f32
         : v.is(kind::boolean)                                                ? scalar::boolean
                                                                              : scalar::s64;
}
/// zeros(size, ..), ones(size, ..), empty(size, ..).
template <int Value> result<value> filled(emitter& e, arguments& a) {
  const auto size = a.integers("size");
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_argument(a, scalar::f32);
  if (!type) return type.error();
  return constant_tensor(e, {double{Value}}, size, *type);
}
/// full(size, number, ..).
inline result<value> full(emitter& e, arguments& a) {
  const auto size = a.integers("size");
  const double fill = a.real("fill_value");
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_argument(a, type_of_number(a["fill_value"]));
  if (!type) return type.error();
  return constant_tensor(e, {fill}, size, *type);
}
/// zeros_like(x, ..), ones_like(x, ..).
template <int Value> result<value> filled_like(emitter& e, arguments& a) {
  const tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_argument(a, x->type);
  if (!type) return type.error();
  return constant_tensor(e, {double{Value}}, x->size, *type);
}
inline result<value> full_like(emitter& e, arguments& a) {
  const tensor_data* x = a.tensor("self");
  const double fill = a.real("fill_value");
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_argument(a, x->type);
  if (!type) return type.error();
  return constant_tensor(e, {fill}, x->size, *type);
}
/// new_zeros(x, size, ..), new_ones(x, size, ..).
template <int Value> result<value> new_filled(emitter& e, arguments& a) {
  const tensor_data* x = a.tensor("self");
  const auto size = a.integers("size");
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_argument(a, x->type);
  if (!type) return type.error();
  return constant_tensor(e, {double{Value}}, size, *type);
}
/// arange(end), arange(start, end), arange(start, end, step): one number alone is the end, though
/// it stands where start does.
inline result<value> arange(emitter& e, arguments& a) {
  constexpr std::string_view parameters[] = {"start", "end", "step"};
  const std::size_t given = a.none("end") ? 1 : a.none("step") ? 2 : 3;
  const double start = given == 1 ? 0 : a.real("start"), end = a.real(given == 1 ? "start" : "end"),
               step = given == 3 ? a.real("step") : 1;
  if (auto s = a.check(); !s) return s.error();
  scalar natural = scalar::s64;
  for (std::size_t i = 0; i < given; ++i)
    if (type_of_number(a[parameters[i]]) == scalar::f32) natural = scalar::f32;
  const auto type = type_argument(a, natural);
  if (!type) return type.error();
  const double count = -numerics::floor(-numerics::div(numerics::sub(end, start), step));
  if (!(step != 0) || !(count >= 0 && count < 1e7))
    return invalid("range of " + a.name, std::to_string(start) + " to " + std::to_string(end));
  std::vector<double> numbers;
  for (double i = 0; i < count; ++i)
    numbers.push_back(numerics::add(start, numerics::mul(i, step)));
  if (numbers.empty()) numbers.push_back(0);
  return constant_tensor(e, numbers, {static_cast<std::int64_t>(count)}, *type);
}
/// Numbers from start to end, from both ends to the middle, as PyTorch rounds them.
inline std::vector<double> evenly_spaced(float start, float end, std::int64_t steps) {
  const float step = numerics::div(numerics::sub(end, start),
                                   static_cast<float>(std::max<std::int64_t>(steps - 1, 1)));
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < steps; ++i)
    numbers.push_back(
        static_cast<double>(i < steps / 2 || steps == 1
                                ? numerics::fma(step, static_cast<float>(i), start)
                                : numerics::fma(-step, static_cast<float>(steps - i - 1), end)));
  return numbers;
}
/// linspace(start, end, steps, ..).
inline result<value> linspace(emitter& e, arguments& a) {
  const auto start = static_cast<float>(a.real("start")), end = static_cast<float>(a.real("end"));
  const std::int64_t steps = a.integer("steps");
  if (auto s = a.check(); !s) return s.error();
  if (steps < 1 || steps > 10000000) return invalid("steps of " + a.name, std::to_string(steps));
  return constant_tensor(e, evenly_spaced(start, end, steps), {steps}, scalar::f32);
}
/// meshgrid(tensors, indexing="ij"): each repeated along the others' axes.
inline result<value> meshgrid(emitter& e, arguments& a) {
  const auto list = tensors_of(a);
  if (!list) return list.error();
  const value indexing = a["indexing"];
  const bool xy = indexing.is(kind::string) && indexing.c->text == "xy" && list->size() > 1;
  std::vector<std::int64_t> size;
  for (const tensor_data* t : *list) {
    if (t->rank() > 1) return unsupported("rank in the list of " + a.name);
    size.push_back(t->elements());
  }
  if (xy) std::swap(size[0], size[1]);
  std::vector<value> out;
  for (std::size_t k = 0; k < list->size(); ++k) {
    std::vector<std::int64_t> own(size.size(), 1);
    own[xy && k < 2 ? 1 - k : k] = (*list)[k]->elements();
    const auto line = reshaped(e, *(*list)[k], std::move(own));
    if (!line) return line;
    const auto grid = expanded(e, *line->t, size);
    if (!grid) return grid;
    out.push_back(*grid);
  }
  return e.c.values.list(std::move(out));
}
/// The numbers of lists within lists of one length each, whose lengths are the extents.
inline status read_nested(const arguments& a, const value& list, std::size_t depth,
                          std::vector<std::int64_t>& size, std::vector<double>& numbers,
                          scalar& natural) {
  const auto n = static_cast<std::int64_t>(list.c->items.size());
  if (size.size() == depth && numbers.empty() && depth < as_size(dims::max_rank)) size.push_back(n);
  if (size.size() <= depth || size[depth] != n)
    return invalid("lists of different lengths in " + a.name);
  for (const value& v : list.c->items) {
    if (v.is_sequence()) {
      if (auto s = read_nested(a, v, depth + 1, size, numbers, natural); !s) return s;
      continue;
    }
    double d = 0;
    if (size.size() != depth + 1 || !read_number(v, d))
      return unsupported("an element of the list of " + a.name);
    if (numbers.empty() || v.is(kind::real)) natural = type_of_number(v);
    numbers.push_back(d);
  }
  return unit{};
}
/// tensor(number or list of numbers, ..), scalar_tensor(number, ..).
inline result<value> made_tensor(emitter& e, arguments& a) {
  const value data = a[a.first()];
  if (data.is(kind::tensor)) return data;
  std::vector<double> numbers;
  std::vector<std::int64_t> size;
  scalar natural = scalar::f32;
  if (data.is_sequence()) {
    if (auto s = read_nested(a, data, 0, size, numbers, natural); !s) return s.error();
    if (numbers.empty()) numbers.push_back(0);
  } else {
    numbers.push_back(a.real(a.first()));
    natural = type_of_number(data);
  }
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_argument(a, natural);
  if (!type) return type.error();
  return constant_tensor(e, numbers, size, *type);
}
/// as_tensor(data, dtype, device): a tensor is cast where a type is given.
inline result<value> as_tensor(emitter& e, arguments& a) {
  if (!a["data"].is(kind::tensor)) return made_tensor(e, a);
  tensor_data* x = a.tensor("data");
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_argument(a, x->type);
  if (!type) return type.error();
  return cast_to(e, *x, *type);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_INDEX_HPP_
// ---- octet/import/torch/rows_linear.hpp
// Rows with weights: convolutions, linear; quantize and dequantize.
#ifndef OCTET_IMPORT_TORCH_ROWS_LINEAR_HPP_
#define OCTET_IMPORT_TORCH_ROWS_LINEAR_HPP_

// ---- octet/import/torch/packed.hpp
// Packed parameters: weights, bias, strides and paddings of convolutions and linear layers, in the
// forms that files have given them.
#ifndef OCTET_IMPORT_TORCH_PACKED_HPP_
#define OCTET_IMPORT_TORCH_PACKED_HPP_


OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// Extents, strides and the like beyond this are no real layer's, and sums of them cannot overflow.
inline constexpr std::int64_t largest_packed_number = 1 << 24;

/// Checks what every form must satisfy.
inline result<value> checked(heap& values, packed_data p) {
  const tensor_data* w = p.weight;
  if (p.embedding) {
    if (!w || (w->type != scalar::quint8 && w->type != scalar::quint4x2) || w->rank() != 2 ||
        !w->channel_scales || w->axis != 0 || w->channel_scales->type != scalar::f32 ||
        w->channel_zero_points->type != scalar::f32)
      return unsupported("weights of an embedding", w ? std::string(name_of(w->type)) : "none",
                         "quint8 or quint4x2 with a float scale and zero point for each row");
    return values.packed(std::move(p));
  }
  if (!w || (w->type != scalar::qint8 && w->type != scalar::f32))
    return unsupported("weights of packed parameters", w ? std::string(name_of(w->type)) : "none",
                       "qint8, float32");
  if (p.bias && p.bias->type != scalar::f32)
    return unsupported("bias of packed parameters", std::string(name_of(p.bias->type)), "float32");
  if (p.linear) {
    if (w->rank() != 2) return malformed("rank of linear weights", std::to_string(w->rank()), "2");
    return values.packed(std::move(p));
  }
  const auto n = as_size(p.spatial);
  if (p.stride.size() != n || p.padding.size() != n || p.dilation.size() != n ||
      (p.transposed && p.output_padding.size() != n))
    return malformed("packed parameters: numbers of strides, paddings and dilations");
  for (const auto* list : {&p.stride, &p.padding, &p.dilation, &p.output_padding})
    for (std::int64_t v : *list)
      if (v < 0 || v > largest_packed_number)
        return malformed("packed parameters: stride, padding or dilation", std::to_string(v));
  if (p.groups < 1 || p.groups > largest_packed_number)
    return malformed("packed parameters: groups", std::to_string(p.groups));
  if (w->rank() != p.spatial + 2)
    return malformed("rank of convolution weights", std::to_string(w->rank()),
                     std::to_string(p.spatial + 2));
  return values.packed(std::move(p));
}

/// From the state of a torchbind object. Convolutions: version 2 ('2', [configuration, weight],
/// [bias]), version 1 (weight, bias, [stride], [padding], [dilation], groups; each number a
/// tensor), version 3 (3, configuration, [none, weight, bias]). Linear: (weight, bias).
class packed_reader {
 public:
  explicit packed_reader(context& c) : c_(c) {}

  result<value> read(const cell& object) {
    const std::string name(last_name(object.text));
    if (object.items.empty() || !object.items[0].is(kind::tuple))
      return malformed("packed parameters without state", name);
    const auto& state = object.items[0].c->items;
    p_.path = object.path;
    status s = unit{};
    if (name == "LinearPackedParamsBase")
      s = linear(state, name);
    else if (name == "EmbeddingPackedParamsBase")
      s = embedding(state, name);
    else if (name == "CellParamsBase") {
      s = recurrent(state, name);
      if (s) return c_.values.packed(std::move(p_));
    } else if (name == "Conv2dPackedParamsBase" || name == "Conv3dPackedParamsBase")
      s = convolution(state, name);
    else
      return unsupported("packed parameters", name,
                         "LinearPackedParamsBase, Conv2dPackedParamsBase, Conv3dPackedParamsBase, "
                         "EmbeddingPackedParamsBase, CellParamsBase");
    if (!s) return s.error();
    return checked(c_.values, std::move(p_));
  }

 private:
  using state_items = std::vector<value>;
  // Places in the states, which have no names.
  enum linear_place : std::size_t { linear_weight, linear_bias, linear_size };
  enum embedding_place : std::size_t { embedding_version, embedding_weights };
  enum cell_place : std::size_t {
    cell_form,
    cell_biases,
    cell_reals,
    cell_integers,  // [reduce_range]
    cell_layers,    // [on the input, on the state]
    cell_size
  };
  enum first_place : std::size_t {  // of a convolution, version 1
    first_weight,
    first_bias,
    first_stride,
    first_padding,
    first_dilation,
    first_groups,
    first_size
  };
  enum second_place : std::size_t { second_version, second_tensors, second_optional, second_size };
  enum second_tensor : std::size_t { second_configuration, second_weight, second_tensor_count };
  enum third_place : std::size_t { third_version, third_configuration, third_tensors, third_size };
  enum third_tensor : std::size_t { third_none, third_weight, third_bias, third_tensor_count };

  status linear(const state_items& s, const std::string& name) {
    if (s.size() != linear_size || !s[linear_weight].is(kind::tensor))
      return malformed("state of " + name);
    p_.linear = true;
    p_.weight = s[linear_weight].t;
    p_.half = p_.weight->type == scalar::f32;
    return optional_tensor(s[linear_bias], p_.bias);
  }
  /// (1, [weight], [], [bits of an element]).
  status embedding(const state_items& s, const std::string& name) {
    if (s.size() <= embedding_weights || !s[embedding_weights].is_sequence())
      return malformed("state of " + name);
    const state_items& weights = s[embedding_weights].c->items;
    if (weights.size() != 1 || !weights.front().is(kind::tensor))
      return malformed("state of " + name);
    p_.embedding = true;
    p_.weight = weights.front().t;
    return unit{};
  }
  /// (form, [biases], [], [reduce_range], [layer on the input, layer on the state]).
  status recurrent(const state_items& s, const std::string& name) {
    if (s.size() != cell_size || !s[cell_form].is(kind::string) ||
        !s[cell_integers].is_sequence() || !s[cell_layers].is_sequence())
      return malformed("state of " + name);
    const std::string& form = s[cell_form].c->text;
    if (form != "quantized_dynamic" && form != "quantized_fp16")
      return unsupported("parameters of a recurrent layer", form.substr(0, 40),
                         "quantized_dynamic, quantized_fp16");
    const state_items &integers = s[cell_integers].c->items, &layers = s[cell_layers].c->items;
    if (!integers.empty() && integers.front().is(kind::integer))
      p_.reduce_range = integers.front().i != 0;
    const packed_data** const to[] = {&p_.input, &p_.state};
    if (layers.size() != std::size(to)) return malformed("state of " + name);
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const value& layer = layers[i];
      if (!layer.is(kind::object)) return malformed("state of " + name);
      auto read = packed_reader(c_).read(*layer.c);
      if (!read) return read.error();
      if (!read->p->linear) return malformed("a layer of " + name);
      *to[i] = read->p;
    }
    return unit{};
  }
  status convolution(const state_items& s, const std::string& name) {
    if (is_version_2(s)) return version_2(s);
    if (is_version_3(s)) return version_3(s);
    if (s.size() == first_size && s[first_weight].is(kind::tensor)) return version_1(s, name);
    return malformed("state of " + name, std::to_string(s.size()) + " elements",
                     "versions 1, 2 and 3");
  }
  static bool is_version_2(const state_items& s) {
    return s.size() == second_size && s[second_version].is(kind::string) &&
           s[second_version].c->text == "2" && s[second_tensors].is(kind::list) &&
           s[second_optional].is(kind::list) &&
           s[second_tensors].c->items.size() == second_tensor_count &&
           s[second_optional].c->items.size() == 1 &&
           s[second_tensors].c->items[second_configuration].is(kind::tensor);
  }
  static bool is_version_3(const state_items& s) {
    return s.size() == third_size && s[third_version].is(kind::integer) &&
           s[third_version].i == 3 && s[third_tensors].is(kind::list) &&
           s[third_tensors].c->items.size() == third_tensor_count;
  }
  status version_1(const state_items& s, const std::string& name) {
    p_.weight = s[first_weight].t;
    if (auto r = optional_tensor(s[first_bias], p_.bias); !r) return r;
    if (auto r = numbers_of(s[first_stride], p_.stride, name); !r) return r;
    if (auto r = numbers_of(s[first_padding], p_.padding, name); !r) return r;
    if (auto r = numbers_of(s[first_dilation], p_.dilation, name); !r) return r;
    p_.spatial = static_cast<std::int32_t>(p_.stride.size());
    return number(s[first_groups], p_.groups, name);
  }
  status version_2(const state_items& s) {
    const state_items& tensors = s[second_tensors].c->items;
    const auto numbers = c_.numbers<std::int16_t>(*tensors[second_configuration].t);
    if (!numbers) return numbers.error();
    if (auto r = configuration({numbers->begin(), numbers->end()}); !r) return r;
    if (auto r = optional_tensor(tensors[second_weight], p_.weight); !r) return r;
    return optional_tensor(s[second_optional].c->items.front(), p_.bias);
  }
  status version_3(const state_items& s) {
    const value& given = s[third_configuration];
    std::vector<std::int64_t> numbers;
    if (given.is(kind::integer))
      numbers.push_back(given.i);
    else if (!read_integers(given, numbers))
      return malformed("packed parameters: a list of integers", std::string(name_of(given.what)));
    if (auto r = configuration(numbers); !r) return r;
    const state_items& tensors = s[third_tensors].c->items;
    if (auto r = optional_tensor(tensors[third_weight], p_.weight); !r) return r;
    return optional_tensor(tensors[third_bias], p_.bias);
  }
  /// [spatial, stride.., padding.., dilation.., output_padding.., groups, flags].
  status configuration(const std::vector<std::int64_t>& numbers) {
    const std::int64_t k = numbers.empty() ? 0 : numbers[0];
    if (k < 1 || k > 3 || numbers.size() != as_size(1 + 4 * k + 2))
      return malformed("packed parameters: configuration of " + std::to_string(numbers.size()) +
                       " numbers");
    p_.spatial = static_cast<std::int32_t>(k);
    auto at = numbers.begin() + 1;
    for (auto* list : {&p_.stride, &p_.padding, &p_.dilation, &p_.output_padding}) {
      list->assign(at, at + k);
      at += k;
    }
    p_.groups = *at++;
    p_.transposed = (*at & 1) != 0;
    return unit{};
  }
  static status optional_tensor(const value& v, const tensor_data*& to) {
    if (v.is(kind::tensor))
      to = v.t;
    else if (!v.is(kind::none))
      return malformed("packed parameters: a tensor", std::string(name_of(v.what)));
    return unit{};
  }
  status numbers_of(const value& list, std::vector<std::int64_t>& to, const std::string& name) {
    if (!list.is_sequence()) return malformed("state of " + name);
    for (const value& v : list.c->items) {
      to.push_back(0);
      if (auto r = number(v, to.back(), name); !r) return r;
    }
    return unit{};
  }
  status number(const value& v, std::int64_t& to, const std::string& name) {
    value n = v;
    if (v.is(kind::tensor)) {
      const auto read = c_.scalar_of(*v.t);
      if (!read) return read.error();
      n = *read;
    }
    if (!n.is(kind::integer)) return malformed("state of " + name);
    to = n.i;
    return unit{};
  }

  context& c_;
  packed_data p_;
};

/// Packed parameters, read from their object once.
inline result<packed_data*> packed_argument(emitter& e, arguments& a, std::string_view parameter) {
  const value v = a[parameter];
  if (v.is(kind::packed)) return v.p;
  if (!v.is(kind::object) || !is_packed_class(v.c->text)) {
    a.wrong(parameter, "packed parameters");
    return a.check().error();
  }
  cell& object = *v.c;
  if (const auto it = object.attrs.find("#packed"); it != object.attrs.end()) return it->second.p;
  auto read = packed_reader(e.c).read(object);
  if (!read) return read.error();
  object.attrs["#packed"] = *read;
  return read->p;
}

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_PACKED_HPP_

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

/// ops.quantized.conv2d_prepack and its relatives, called by __setstate__.
inline result<value> prepack(emitter& e, arguments& a) {
  packed_data p;
  p.embedding = a.name == "quantized::embedding_bag_prepack";
  p.half = a.name == "quantized::linear_prepack_fp16";
  p.linear = a.name == "quantized::linear_prepack" || p.half;
  p.transposed = a.name.find("transpose") != std::string::npos;
  p.spatial = a.name.find("1d") != std::string::npos   ? 1
              : a.name.find("3d") != std::string::npos ? 3
                                                       : 2;
  p.weight = a.tensor(a.first());
  const std::string_view bias = p.linear ? "B" : "bias";
  if (!p.embedding && !a.none(bias)) p.bias = a.tensor(bias);
  if (!p.linear && !p.embedding) {
    p.stride = a.integers("stride");
    p.padding = a.integers("padding");
    if (p.transposed) p.output_padding = a.integers("output_padding");
    p.dilation = a.integers("dilation");
    p.groups = a.integer("groups");
    // Modules that pad by themselves give two numbers for one axis; PyTorch takes the first.
    if (p.spatial == 1 && p.padding.size() == 2) p.padding.pop_back();
  }
  if (auto s = a.check(); !s) return s.error();
  return checked(e.c.values, std::move(p));
}

/// Packed parameters of 8-bit weights.
inline result<packed_data*> quantized_weights(emitter& e, arguments& a,
                                              std::string_view parameter) {
  const auto p = packed_argument(e, a, parameter);
  if (p && (*p)->weight->type != scalar::qint8)
    return unsupported("weights of " + a.name, std::string(name_of((*p)->weight->type)), "qint8");
  return p;
}

// ---- accumulate, requantize ----

/// The bias of the law: FBGEMM keeps the float (input 1 of requantize), QNNPACK rounds it to int32
/// (input 2 of the convolution). aw: scales of the accumulator.
struct bias_tensor {
  tensor_id integer = no_tensor, real = no_tensor;
};
inline result<bias_tensor> make_bias(emitter& e, const packed_data& p,
                                     const std::vector<double>& aw, std::size_t channels) {
  if (!p.bias) return bias_tensor{};
  const auto v = e.c.numbers<float>(*p.bias);
  if (!v) return v.error();
  if (v->size() != channels)
    return invalid("number of biases", std::to_string(v->size()), std::to_string(channels));
  if (!laws::rounds_bias(e.g.arithmetic)) return bias_tensor{.real = e.constant_of(*v)};
  std::vector<std::int32_t> q;
  for (std::size_t i = 0; i < v->size(); ++i)
    q.push_back(laws::integer_bias((*v)[i], aw.size() == 1 ? aw[0] : aw[i]));
  return bias_tensor{.integer = e.constant_of(q)};
}
/// A layer with weights between its input and output in octet's own layout.
struct layer {
  const op_def* op = nullptr;
  tensor_id in = no_tensor, weights = no_tensor;
  attributes attrs{};
  std::size_t channels = 0;  // of the output
  bool relu = false;
};
/// Returns the quantized tensor's id.
inline result<tensor_id> accumulate(emitter& e, layer l, const tensor_data& x, const packed_data& p,
                                    const output_quantization& q) {
  const tensor_id y = e.make(x.type, q);
  std::vector<tensor_id> in{l.in, l.weights};
  const auto decided = e.c.build.decide(*l.op, in, {y}, l.attrs, {});
  const auto bias =
      make_bias(e, p, e.c.build.accumulator_scales(decided, l.in, l.weights), l.channels);
  if (!bias) return bias.error();
  if (bias->integer != no_tensor) in.push_back(bias->integer);
  if (auto s = e.c.build.accumulate_and_requantize(
          {.op = l.op,
           .in = std::move(in),
           .attrs = std::move(l.attrs),
           .real_bias = bias->real,
           .out = y,
           .options = {.fused = l.relu ? activation::relu : activation::none}},
          {});
      !s)
    return s.error();
  return y;
}

// ---- convolutions ----

/// Weights in octet's order. Logical [O, I/g, kh, kw] (transposed: [I, O/g, kh, kw]); conv1d has no
/// kh, or kh = 1.
inline result<tensor_id> conv_weights(emitter& e, const packed_data& p, bool depthwise) {
  tensor_data w = *p.weight;
  if (w.rank() == 3) {
    w.size.insert(w.size.begin() + 2, 1);
    w.stride.insert(w.stride.begin() + 2, 0);
    if (w.axis == 2) w.axis = 3;
  }
  if (auto s = e.c.resolve_channels(w); !s) return s.error();
  if (w.scales.size() > 1 && w.axis != (p.transposed ? 1 : 0))
    return unsupported("per-channel weights on axis " + std::to_string(w.axis), {},
                       "the output channels");
  constexpr int plain[] = {0, 2, 3, 1}, by_channel[] = {1, 2, 3, 0}, transposed[] = {0, 2, 3, 4, 1};
  const int* order = depthwise ? by_channel : p.transposed ? transposed : plain;
  dims shape;
  if (p.transposed) {  // [g * I/g, O/g, kh, kw] seen as [g, I/g, O/g, kh, kw], taken as [g, O/g,
                       // kh, kw, I/g]
    const std::int64_t inputs = w.size[0] / p.groups;
    w.size.insert(w.size.begin(), p.groups);
    w.stride.insert(w.stride.begin(), w.stride[0] * inputs);
    w.size[1] = inputs;
    shape =
        dims{static_cast<std::int32_t>(p.groups * w.size[2]), static_cast<std::int32_t>(w.size[3]),
             static_cast<std::int32_t>(w.size[4]), static_cast<std::int32_t>(inputs)};
  } else {
    for (int i = 0; i < 4; ++i)
      shape.push_back(static_cast<std::int32_t>(w.size[as_size(order[i])]));
  }
  auto data = e.c.elements(w, std::span<const int>(order, p.transposed ? 5 : 4));
  if (!data) return data.error();
  const tensor_id id = e.g.add_constant("", dtype_of_scalar(w.type), shape, std::move(*data));
  octet::tensor& t = e.g[id];
  t.scales = w.scales;
  t.zero_points = w.zero_points;
  if (w.channel_scales) t.axis = depthwise ? 3 : 0;  // also of one channel: another formula
  return id;
}

/// Numbers of channels; `depthwise`: one filter, or several, for each input channel by itself.
struct conv_channels {
  std::int64_t out = 0;
  bool depthwise = false;
};
inline result<conv_channels> channels_of(const arguments& a, const tensor_data& x,
                                         const packed_data& p) {
  const std::int64_t in = x.size[1], first = p.weight->size[0], second = p.weight->size[1];
  const std::int64_t expected = p.transposed ? first : second * p.groups;
  if (expected != in || in % p.groups != 0)
    return invalid("input channels of " + a.name, std::to_string(in), std::to_string(expected));
  const std::int64_t out = p.transposed ? second * p.groups : first;
  return conv_channels{out,
                       !p.transposed && second == 1 && p.groups == in && in > 1 && out % in == 0};
}

/// conv1d runs as conv2d on one row; its parameters were packed either way. Attributes that equal
/// their defaults are left out.
inline attributes conv_attributes(const packed_data& p, bool one_row, bool depthwise) {
  attributes to;
  const auto set = [&](const char* key, std::int64_t v, std::int64_t otherwise) {
    if (v != otherwise) to.set(key, v);
  };
  const auto height = [&](const std::vector<std::int64_t>& of, std::int64_t otherwise) {
    return one_row ? otherwise : of.front();
  };
  set("stride_h", height(p.stride, 1), 1), set("stride_w", p.stride.back(), 1);
  set("dilation_h", height(p.dilation, 1), 1), set("dilation_w", p.dilation.back(), 1);
  const std::int64_t rows = height(p.padding, 0), columns = p.padding.back();
  set("pad_top", rows, 0), set("pad_bottom", rows, 0);
  set("pad_left", columns, 0), set("pad_right", columns, 0);
  if (p.transposed) {
    set("output_padding_h", height(p.output_padding, 0), 0);
    set("output_padding_w", p.output_padding.back(), 0);
  }
  if (!depthwise) set("groups", p.groups, 1);
  return to;
}
/// `from` under another shape, of the same type and quantization.
inline result<tensor_id> reshaped_like(emitter& e, tensor_id from,
                                       std::vector<std::int64_t> shape) {
  const tensor_id to = e.c.build.like(from);
  if (auto s = e.reshape(from, to, std::move(shape)); !s) return s.error();
  return to;
}

template <int Spatial, bool Relu, bool Transposed> result<value> conv(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("qx");
  if (auto s = a.check(); !s) return s.error();
  const auto p = quantized_weights(e, a, "packed_weight");
  if (!p) return p.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const auto q = e.output(a, x->type);
  if (!q) return q.error();
  if ((*p)->linear || (*p)->transposed != Transposed)
    return invalid("packed parameters of another operator in " + a.name);
  if (x->rank() != Spatial + 2)
    return invalid("rank of the input of " + a.name, std::to_string(x->rank()),
                   std::to_string(Spatial + 2));
  constexpr bool one_row = Spatial == 1;
  auto in = e.held(*x, true);
  if (in && one_row) {
    const dims s = e.g[*in].shape;
    in = reshaped_like(e, *in, {s[0], 1, s[1], s[2]});
  }
  if (!in) return in.error();
  const auto channels = channels_of(a, *x, **p);
  if (!channels) return channels.error();
  const auto w = conv_weights(e, **p, channels->depthwise);
  if (!w) return w.error();
  auto y = accumulate(e,
                      {.op = Transposed            ? &ops::transpose_conv2d
                             : channels->depthwise ? &ops::depthwise_conv2d
                                                   : &ops::conv2d,
                       .in = *in,
                       .weights = *w,
                       .attrs = conv_attributes(**p, one_row, channels->depthwise),
                       .channels = as_size(channels->out),
                       .relu = Relu},
                      *x, **p, *q);
  if (y && one_row) {
    const dims s = e.g[*y].shape;
    y = reshaped_like(e, *y, {s[0], s[2], s[3]});
  }
  if (!y) return y.error();
  // Convolutions give channels-last results, whatever they are given; those of conv1d have no name
  // for it but the same strides.
  const value v = e.wrap(*y, x->type, true, true);
  if (one_row) v.t->stride = {v.t->size[1] * v.t->size[2], 1, v.t->size[1]};
  return v;
}

// ---- oneDNN's layers with something behind them ----

/// Float sums of a layer, accumulators at their scales plus the bias; then `behind` of them (values
/// in, values out), rounded once. `inner`: the layer's result has its channels last.
inline result<value> rounded_behind(emitter& e, layer l, const tensor_data& x, const packed_data& p,
                                    const output_quantization& q, bool inner, const auto& behind) {
  const tensor_id y = e.make(x.type, q);
  accumulation layer{.op = l.op, .in = {l.in, l.weights}, .attrs = std::move(l.attrs), .out = y};
  const auto sums = e.c.build.accumulate(layer, {});
  if (!sums) return sums.error();
  tensor_id real = e.make(scalar::f32);
  if (auto s = e.emit(ops::dequantize, {sums->acc}, real); !s) return s.error();
  if (p.bias) {
    const auto bias = e.c.numbers<float>(*p.bias);
    if (!bias) return bias.error();
    if (bias->size() != l.channels)
      return invalid("number of biases", std::to_string(bias->size()), std::to_string(l.channels));
    const tensor_id plain = std::exchange(real, e.make(scalar::f32));
    if (auto s = e.emit(ops::add, {plain, e.constant_of(*bias)}, real); !s) return s.error();
  }
  const auto v = behind(e.wrap(real, scalar::f32, inner, inner));
  if (!v) return v;
  const auto in = e.held(*v->t, inner);
  if (!in) return in.error();
  if (auto s = e.emit(ops::quantize, {*in}, y); !s) return s.error();
  return e.wrap(y, x.type, inner, inner);
}
/// One node on float values.
inline result<value> float_node(emitter& e, const value& v, const op_def& op,
                                attributes attrs = {}) {
  const auto in = e.held_as_is(*v.t);
  if (!in) return in.error();
  const tensor_id to = e.make(scalar::f32);
  if (auto s = e.emit(op, {*in}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, scalar::f32, v.t->channels_inner, suggests_channels_last(*v.t));
}
/// conv2d_add(x, other, packed, scale, zero_point), conv2d_add_relu.
template <bool Relu> result<value> conv_add(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("qx"), *other = a.tensor("qaccum");
  if (auto s = a.check(); !s) return s.error();
  const auto p = quantized_weights(e, a, "packed_weight");
  if (!p) return p.error();
  for (const tensor_data* t : {x, other})
    if (auto s = e.per_tensor(*t); !s) return s.error();
  const auto q = e.output(a, x->type);
  if (!q) return q.error();
  if ((*p)->linear || (*p)->transposed || (*p)->spatial != 2 || x->rank() != 4)
    return invalid("packed parameters or input of " + a.name, std::to_string(x->rank()) + " axes",
                   "4, a convolution of two axes");
  const auto in = e.held(*x, true);
  if (!in) return in.error();
  const auto channels = channels_of(a, *x, **p);
  if (!channels) return channels.error();
  const auto w = conv_weights(e, **p, channels->depthwise);
  if (!w) return w.error();
  const auto behind = [&](const value& sums) -> result<value> {
    if (sums.t->size != other->size) return invalid("extents of the addend of " + a.name);
    const auto addend = dequantized(e, *other);
    if (!addend) return addend;
    const auto sum = emit_pair(e, ops::add, {sums.t, addend->t}, scalar::f32);
    return Relu && sum ? float_node(e, *sum, ops::relu) : sum;
  };
  return rounded_behind(e,
                        {.op = channels->depthwise ? &ops::depthwise_conv2d : &ops::conv2d,
                         .in = *in,
                         .weights = *w,
                         .attrs = conv_attributes(**p, false, channels->depthwise),
                         .channels = as_size(channels->out)},
                        *x, **p, *q, true, behind);
}

/// The depth of a three-dimensional convolution, of which conv2d knows nothing.
struct depth_window {
  std::int64_t taps, pad, out;  // out: extent of the result
};
inline result<depth_window> depth_window_of(const arguments& a, const tensor_data& x,
                                            const packed_data& p) {
  const std::int64_t taps = p.weight->size[2], pad = p.padding[0], depth = x.size[2] + 2 * pad,
                     reach = (taps - 1) * p.dilation[0] + 1;
  if (p.stride[0] < 1 || p.dilation[0] < 1 || taps < 1 || taps > 64 || depth < reach)
    return invalid("depth of the window of " + a.name, std::to_string(taps),
                   std::to_string(x.size[2]));
  return depth_window{taps, pad, (depth - reach) / p.stride[0] + 1};
}
/// [N, D, H, W, C] as images [N * out, H, W, C * taps]: for each output depth the planes under its
/// taps.
inline result<tensor_id> planes_as_channels(emitter& e, const tensor_data& x, const packed_data& p,
                                            const depth_window& d, tensor_id in) {
  using list = std::vector<std::int64_t>;
  const std::int64_t n = x.size[0], c = x.size[1], h = x.size[3], w = x.size[4];
  if (d.pad > 0) {
    const tensor_id wider = e.make_like(x);
    attributes attrs;
    attrs.set("paddings", list{0, 0, d.pad, d.pad, 0, 0, 0, 0, 0, 0});
    attrs.set("value", std::int64_t{x.zero_points[0]});
    if (auto s = e.emit(ops::qnn_pad, {in}, wider, std::move(attrs)); !s) return s.error();
    in = wider;
  }
  std::vector<tensor_id> planes;
  for (std::int64_t t = 0; t < d.taps; ++t) {
    const tensor_id piece = e.make_like(x), shaped = e.make_like(x);
    attributes attrs;
    attrs.set("begin", list{0, t * p.dilation[0], 0, 0, 0});
    attrs.set("end", list{n, t * p.dilation[0] + (d.out - 1) * p.stride[0] + 1, h, w, c});
    attrs.set("strides", list{1, p.stride[0], 1, 1, 1});
    if (auto s = e.emit(ops::strided_slice, {in}, piece, std::move(attrs)); !s) return s.error();
    if (auto s = e.reshape(piece, shaped, {n * d.out, h, w, p.groups, 1, c / p.groups}); !s)
      return s.error();
    planes.push_back(shaped);
  }
  const tensor_id joined = e.make_like(x), images = e.make_like(x);
  attributes axis;
  axis.set("axis", std::int64_t{4});
  if (auto s = e.emit(ops::concat, std::move(planes), joined, std::move(axis)); !s)
    return s.error();
  if (auto s = e.reshape(joined, images, {n * d.out, h, w, c * d.taps}); !s) return s.error();
  return images;
}
/// Weights [O, C/g, taps, kh, kw] as the constant [O, kh, kw, taps * C/g].
inline result<tensor_id> taps_as_channels(emitter& e, const packed_data& p) {
  tensor_data k = *p.weight;
  if (auto s = e.c.resolve_channels(k); !s) return s.error();
  if (k.scales.size() > 1 && k.axis != 0)
    return unsupported("per-channel weights on axis " + std::to_string(k.axis), {},
                       "the output channels");
  constexpr int order[] = {0, 3, 4, 2, 1};
  auto data = e.c.elements(k, std::span<const int>(order, 5));
  if (!data) return data.error();
  const auto shape = e.ir_shape({k.size[0], k.size[3], k.size[4], k.size[2] * k.size[1]}, false);
  if (!shape) return shape.error();
  const tensor_id weights = e.g.add_constant("", dtype::s8, *shape, std::move(*data));
  e.g[weights].scales = k.scales;
  e.g[weights].zero_points = k.zero_points;
  if (k.channel_scales) e.g[weights].axis = 0;
  return weights;
}
/// conv3d as conv2d over the depth taps: for each output depth the input's planes under its taps
/// stand side by side as channels [tap][channel], and so do the weights. The same products in one
/// accumulator.
template <bool Relu> result<value> conv3d(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("qx");
  if (auto s = a.check(); !s) return s.error();
  const auto given = quantized_weights(e, a, "packed_weight");
  if (!given) return given.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const auto q = e.output(a, x->type);
  if (!q) return q.error();
  packed_data p = **given;
  if (p.linear || p.transposed || p.spatial != 3 || x->rank() != 5)
    return invalid("packed parameters or input of " + a.name, std::to_string(x->rank()) + " axes",
                   "5, a convolution of three axes");
  const auto channels = channels_of(a, *x, p);
  if (!channels) return channels.error();
  const auto depth = depth_window_of(a, *x, p);
  if (!depth) return depth.error();
  const auto in = e.held(*x, true);  // [N, D, H, W, C]
  if (!in) return in.error();
  const auto images = planes_as_channels(e, *x, p, *depth, *in);
  if (!images) return images.error();
  const auto weights = taps_as_channels(e, p);
  if (!weights) return weights.error();
  packed_data flat = p;
  flat.spatial = 2;
  for (auto* numbers : {&flat.stride, &flat.padding, &flat.dilation})
    numbers->erase(numbers->begin());
  const auto y = accumulate(e,
                            {.op = &ops::conv2d,
                             .in = *images,
                             .weights = *weights,
                             .attrs = conv_attributes(flat, false, false),
                             .channels = as_size(channels->out),
                             .relu = Relu},
                            *x, p, *q);
  if (!y) return y.error();
  const dims s = e.g[*y].shape;
  const auto volume = reshaped_like(e, *y, {x->size[0], depth->out, s[1], s[2], s[3]});
  if (!volume) return volume.error();
  return e.wrap(*volume, x->type, true, true);
}

// ---- transposed convolutions of volumes ----

/// For each plane of the result, tap after tap, the plane of x that it takes: x's depth where the
/// tap lies between two planes or outside.
inline result<std::vector<std::int64_t>> planes_under_taps(emitter& e, arguments& a,
                                                           const tensor_data& x,
                                                           const packed_data& p) {
  const std::int64_t depth = x.size[2], taps = p.weight->size[2], by = p.stride[0],
                     out = (depth - 1) * by - 2 * p.padding[0] + p.dilation[0] * (taps - 1) +
                           p.output_padding[0] + 1;
  if (by < 1 || p.dilation[0] < 1 || taps < 1 || taps > 64 || depth < 1 || out < 1 ||
      out > INT32_MAX)
    return invalid("depth of the window of " + a.name, std::to_string(taps), std::to_string(depth));
  if (auto s = e.c.build.make_constant(as_size(out * taps) * sizeof(std::int64_t)); !s)
    return s.error();
  std::vector<std::int64_t> planes;
  for (std::int64_t o = 0; o < out; ++o)
    for (std::int64_t t = 0; t < taps; ++t) {
      const std::int64_t at = o + p.padding[0] - t * p.dilation[0];
      planes.push_back(at >= 0 && at % by == 0 && at / by < depth ? at / by : depth);
    }
  return planes;
}
/// [N, D, H, W, C] as images [N * planes / taps, H, W, C * taps], whose channels are
/// [group][tap][channel].
inline result<tensor_id> images_under_taps(emitter& e, const tensor_data& x, const packed_data& p,
                                           tensor_id in, const std::vector<std::int64_t>& planes) {
  using list = std::vector<std::int64_t>;
  const std::int64_t n = x.size[0], c = x.size[1], h = x.size[3], w = x.size[4],
                     taps = p.weight->size[2],
                     images = n * (static_cast<std::int64_t>(planes.size()) / taps);
  const tensor_id wider = e.make_like(x), picked = e.make_like(x), turned = e.make_like(x);
  attributes behind, axis;
  behind.set("paddings", list{0, 0, 0, 1, 0, 0, 0, 0, 0, 0});
  if (is_quantized(x.type)) behind.set("value", std::int64_t{x.zero_points[0]});
  const op_def& pad = is_quantized(x.type) ? ops::qnn_pad : ops::pad;
  if (auto s = e.emit(pad, {in}, wider, std::move(behind)); !s) return s.error();
  axis.set("axis", std::int64_t{1});
  if (auto s = e.emit(ops::gather, {wider, e.constant_of(planes)}, picked, std::move(axis)); !s)
    return s.error();
  const auto apart = reshaped_like(e, picked, {images, taps, h * w, p.groups, c / p.groups});
  if (!apart) return apart;
  if (auto s = e.transpose(*apart, turned, {0, 2, 3, 1, 4}); !s) return s.error();
  return reshaped_like(e, turned, {images, h, w, taps * c});
}
/// Weights [C, O/g, taps, kh, kw] as the constant [O, kh, kw, taps * C/g].
inline result<tensor_id> transposed_taps_as_channels(emitter& e, const packed_data& p) {
  tensor_data k = *p.weight;
  if (auto s = e.c.resolve_channels(k); !s) return s.error();
  if (k.scales.size() > 1 && k.axis != 1)
    return unsupported("per-channel weights on axis " + std::to_string(k.axis), {},
                       "the output channels");
  const std::int64_t inputs = k.size[0] / p.groups;
  k.size.insert(k.size.begin(), p.groups);
  k.stride.insert(k.stride.begin(), k.stride[0] * inputs);
  k.size[1] = inputs;
  constexpr int order[] = {0, 2, 4, 5, 3, 1};
  const std::vector<std::int64_t> size{p.groups * k.size[2], k.size[4], k.size[5],
                                       k.size[3] * inputs};
  if (!k.constant()) {  // computed of constants: the nodes are folded
    tensor_data& w = *e.c.values.tensor(*p.weight).t;
    const auto in = e.held(w, false);
    if (!in) return in;
    const auto axes = reshaped_like(e, *in, k.size);
    if (!axes) return axes;
    const tensor_id turned = e.make(k.type);
    if (auto s = e.transpose(*axes, turned, {std::begin(order), std::end(order)}); !s)
      return s.error();
    return reshaped_like(e, turned, size);
  }
  auto data = e.c.elements(k, std::span<const int>(order, 6));
  if (!data) return data.error();
  const auto shape = e.ir_shape(size, false);
  if (!shape) return shape.error();
  const tensor_id weights = e.g.add_constant("", dtype_of_scalar(k.type), *shape, std::move(*data));
  e.g[weights].scales = k.scales;
  e.g[weights].zero_points = k.zero_points;
  if (k.channel_scales) e.g[weights].axis = 0;
  return weights;
}
/// The transposed convolution of images that one of volumes is.
struct images_of_volume {
  tensor_id images, weights;
  packed_data image;   // without the depth
  std::int64_t depth;  // of the result
};
inline result<images_of_volume> images_to_transpose(emitter& e, arguments& a, tensor_data& x,
                                                    const packed_data& p) {
  const auto planes = planes_under_taps(e, a, x, p);
  if (!planes) return planes.error();
  const auto in = e.held(x, true);  // [N, D, H, W, C]
  if (!in) return in.error();
  const auto images = images_under_taps(e, x, p, *in, *planes);
  if (!images) return images.error();
  const auto weights = transposed_taps_as_channels(e, p);
  if (!weights) return weights.error();
  packed_data image = p;
  image.spatial = 2;
  for (auto* numbers : {&image.stride, &image.padding, &image.dilation, &image.output_padding})
    numbers->erase(numbers->begin());
  return images_of_volume{*images, *weights, std::move(image),
                          static_cast<std::int64_t>(planes->size()) / p.weight->size[2]};
}
/// Images [N * D, H, W, C] as a volume.
inline result<value> volume_of_images(emitter& e, const tensor_data& x, tensor_id y,
                                      std::int64_t depth) {
  const dims s = e.g[y].shape;
  const auto volume = reshaped_like(e, y, {x.size[0], depth, s[1], s[2], s[3]});
  if (!volume) return volume.error();
  return e.wrap(*volume, x.type, true, false);
}
inline result<value> conv_transpose3d(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("qx");
  if (auto s = a.check(); !s) return s.error();
  const auto p = quantized_weights(e, a, "packed_weight");
  if (!p) return p.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const auto q = e.output(a, x->type);
  if (!q) return q.error();
  if ((*p)->linear || !(*p)->transposed || (*p)->spatial != 3 || x->rank() != 5)
    return invalid("packed parameters or input of " + a.name, std::to_string(x->rank()) + " axes",
                   "5, a transposed convolution of three axes");
  const auto channels = channels_of(a, *x, **p);
  if (!channels) return channels.error();
  const auto images = images_to_transpose(e, a, *x, **p);
  if (!images) return images.error();
  const auto y = accumulate(e,
                            {.op = &ops::transpose_conv2d,
                             .in = images->images,
                             .weights = images->weights,
                             .attrs = conv_attributes(images->image, false, false),
                             .channels = as_size(channels->out)},
                            *x, **p, *q);
  if (!y) return y.error();
  return volume_of_images(e, *x, *y, images->depth);
}

// ---- linear ----

/// Weights [out, in] as a constant of the graph.
inline result<tensor_id> linear_weights(emitter& e, const packed_data& p) {
  tensor_data w = *p.weight;
  if (auto s = e.c.resolve_channels(w); !s) return s.error();
  if (w.scales.size() > 1 && w.axis != 0)
    return unsupported("per-channel weights on axis " + std::to_string(w.axis), {}, "0");
  const auto shape = e.ir_shape(w.size, false);
  if (!shape) return shape.error();
  auto data = e.c.elements(w);
  if (!data) return data.error();
  const tensor_id id = e.g.add_constant("", dtype::s8, *shape, std::move(*data));
  e.g[id].scales = w.scales;
  e.g[id].zero_points = w.zero_points;
  if (w.channel_scales) e.g[id].axis = 0;
  return id;
}
inline attributes linear_attributes(const tensor_data& x) {
  attributes to;
  if (x.rank() != 2) to.set("keep_dims", std::int64_t{1});
  return to;
}

/// Whether the weights are those of a linear layer on x's features.
inline status features_fit(const arguments& a, const tensor_data& x, const packed_data& p) {
  if (!p.linear) return invalid("packed parameters of another operator in " + a.name);
  const std::int64_t features = p.weight->size[1];
  if (x.rank() < 1 || x.size.back() != features)
    return invalid("features of the input of " + a.name,
                   x.rank() < 1 ? "none" : std::to_string(x.size.back()), std::to_string(features));
  return unit{};
}
/// A linear layer of codes, and what its result is quantized to.
struct linear_call {
  const tensor_data* x;
  const packed_data* p;
  output_quantization q;
  layer of;
};
inline result<linear_call> linear_of(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("X");
  if (auto s = a.check(); !s) return s.error();
  const auto p = quantized_weights(e, a, "W_prepack");
  if (!p) return p.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const auto q = e.output(a, x->type, {"Y_scale_i", "Y_zero_point_i"});
  if (!q) return q.error();
  if (auto s = features_fit(a, *x, **p); !s) return s.error();
  const auto w = linear_weights(e, **p);
  if (!w) return w.error();
  const auto in = e.held(*x, false);
  if (!in) return in.error();
  return linear_call{x,
                     *p,
                     *q,
                     {.op = &ops::fully_connected,
                      .in = *in,
                      .weights = *w,
                      .attrs = linear_attributes(*x),
                      .channels = as_size((*p)->weight->size[0])}};
}
template <bool Relu> result<value> linear(emitter& e, arguments& a) {
  auto l = linear_of(e, a);
  if (!l) return l.error();
  l->of.relu = Relu;
  const auto y = accumulate(e, std::move(l->of), *l->x, *l->p, l->q);
  if (!y) return y.error();
  return e.wrap(*y, l->x->type, false, false);
}

/// linear_leaky_relu(x, packed, scale, zero_point, slope), linear_tanh(x, packed, scale,
/// zero_point).
template <const op_def& Behind> result<value> linear_behind(emitter& e, arguments& a) {
  attributes attrs;
  if (&Behind == &ops::leaky_relu) attrs.set("alpha", a.real("negative_slope"));
  auto l = linear_of(e, a);
  if (!l) return l.error();
  return rounded_behind(e, std::move(l->of), *l->x, *l->p, l->q, false, [&](const value& sums) {
    return float_node(e, sums, Behind, std::move(attrs));
  });
}

/// x is quantized at run time by its own minimum and maximum, the result is float. Weights of
/// float16 are multiplied as floats.
inline result<value> dynamic_linear(emitter& e, tensor_data& x, const packed_data& p,
                                    bool reduce_range, bool relu) {
  if (!p.linear) return invalid("packed parameters of another operator in " + e.operator_name());
  const std::int64_t features = p.weight->size[1];
  if (x.type != scalar::f32 || x.rank() < 1 || x.size.back() != features)
    return invalid("input of " + e.operator_name(), std::string(name_of(x.type)),
                   "float32, " + std::to_string(features) + " features");
  const auto in = e.held(x, false);
  if (!in) return in.error();
  tensor_id bias = no_tensor;
  if (p.bias) {
    const auto v = e.c.numbers<float>(*p.bias);
    if (!v) return v.error();
    if (v->size() != as_size(p.weight->size[0]))
      return invalid("number of biases", std::to_string(v->size()),
                     std::to_string(p.weight->size[0]));
    bias = e.constant_of(*v);
  }
  const tensor_id y = e.make(scalar::f32);
  if (p.half) {
    auto v = e.c.numbers<float>(*p.weight);
    if (!v) return v.error();
    for (float& f : *v) f = numerics::rounded_to_f16(f);
    const auto shape = e.ir_shape(p.weight->size, false);
    if (!shape) return shape.error();
    std::vector<tensor_id> operands{
        *in,
        e.g.add_constant("", dtype::f32, *shape, constant_data::of(std::span<const float>(*v)))};
    if (bias != no_tensor) operands.push_back(bias);
    if (auto s = e.emit(ops::float_fully_connected, std::move(operands), y, linear_attributes(x),
                        {.fused = relu ? activation::relu : activation::none});
        !s)
      return s.error();
    return e.wrap(y, scalar::f32, false, false);
  }
  const auto w = linear_weights(e, p);
  if (!w) return w.error();
  if (auto s = e.c.build.accumulate_dynamically(
          {.op = &ops::fully_connected,
           .in = *in,
           .weights = *w,
           .bias = bias,
           .attrs = linear_attributes(x),
           .layer = {.layer = laws::dynamic_layer::fully_connected, .products = features},
           .reduce_range = reduce_range && laws::reduces_range(e.g.arithmetic),
           .out = y,
           .fused = relu ? activation::relu : activation::none},
          {});
      !s)
    return s.error();
  return e.wrap(y, scalar::f32, false, false);
}
/// quantized::linear_dynamic(x, packed, reduce_range), linear_dynamic_fp16(x, packed).
template <bool Relu, bool Half> result<value> linear_dynamic(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("X");
  const bool reduce_range = !Half && a.boolean("reduce_range");
  if (auto s = a.check(); !s) return s.error();
  const auto p = packed_argument(e, a, "W_prepack");
  if (!p) return p.error();
  if ((*p)->half != Half || !(*p)->linear)
    return invalid("packed parameters of another operator in " + a.name);
  return dynamic_linear(e, *x, **p, reduce_range, Relu);
}

/// quantized::conv2d_dynamic and its relatives.
inline result<value> conv_dynamic(emitter&, arguments& a) {
  return unsupported(a.name,
                     "PyTorch quantizes its sums by the input's scale, which is known only when it "
                     "runs, and loses most of their bits",
                     "convolutions with scales of their own (static quantization), or in float");
}

// ---- quantize, dequantize ----

inline result<value> quantize_per_tensor(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t code = a.integer("dtype");
  if (auto s = a.check(); !s) return s.error();
  if (x->type != scalar::f32)
    return unsupported("input of quantize_per_tensor", std::string(name_of(x->type)), "float32");
  if (code != static_cast<std::int64_t>(scalar::qint8) &&
      code != static_cast<std::int64_t>(scalar::quint8))
    return unsupported("element type of quantize_per_tensor", std::to_string(code),
                       "12 (qint8), 13 (quint8)");
  const auto type = static_cast<scalar>(code);
  const auto q = e.output(a, type, {"scale", "zero_point"});
  if (!q) return q.error();
  const tensor_id y = e.make(type, *q);
  const auto in = e.held_as_is(*x);
  if (!in) return in.error();
  if (auto s = e.emit(ops::quantize, {*in}, y); !s) return s.error();
  return e.wrap(y, type, x->channels_inner, suggests_channels_last(*x));
}
/// quantize_per_channel(x, scales, zero_points, axis, dtype), which only dequantize takes.
inline result<value> quantize_per_channel(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *scales = a.tensor("scales"), *zeros = a.tensor("zero_points");
  const std::int64_t code = a.integer("dtype"), dim = a.integer("axis");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const auto type = static_cast<scalar>(code);
  if (x->type != scalar::f32 || (type != scalar::qint8 && type != scalar::quint8))
    return unsupported("element types of " + a.name, std::string(name_of(x->type)),
                       "float32 to qint8, quint8");
  if (!e.c.known(*scales) || !e.c.known(*zeros) || zeros->type != scalar::s64 ||
      scales->elements() != x->size[axis] || zeros->elements() != x->size[axis] ||
      (scales->type != scalar::f64 && scales->type != scalar::f32))
    return unsupported("scales or zero points of " + a.name, std::string(name_of(scales->type)),
                       "one float and one int64 constant for each channel");
  std::vector<double> by_channel;
  if (scales->type == scalar::f64) {
    const auto list = e.c.numbers<double>(*scales);
    if (!list) return list.error();
    by_channel = *list;
  } else {
    const auto list = e.c.numbers<float>(*scales);
    if (!list) return list.error();
    by_channel.assign(list->begin(), list->end());
  }
  const auto points = e.c.numbers<std::int64_t>(*zeros);
  if (!points) return points.error();
  std::vector<std::int32_t> zero_points;
  for (std::size_t k = 0; k < by_channel.size(); ++k) {
    const auto q = e.valid_output(by_channel[k], (*points)[k], type);
    if (!q) return q.error();
    zero_points.push_back(q->zero_point);
  }
  const auto in = e.held_as_is(*x);
  if (!in) return in.error();
  const bool inner = !x->constant() && x->channels_inner;
  const tensor_id y = e.make(type, std::move(by_channel), std::move(zero_points));
  e.g[y].axis = axis_in_layout(static_cast<int>(axis), x->rank(), inner);
  if (auto s = e.emit(ops::quantize, {*in}, y); !s) return s.error();
  const value v = e.wrap(y, type, inner, suggests_channels_last(*x));
  v.t->axis = static_cast<std::int32_t>(axis);
  return v;
}
/// A tensor, or a list of tensors.
inline result<value> dequantize(emitter& e, arguments& a) {
  const value list = a["self"];
  if (!list.is_sequence()) {
    tensor_data* x = a.tensor("self");
    if (auto s = a.check(); !s) return s.error();
    return dequantized(e, *x);
  }
  std::vector<value> items;
  for (const value& v : list.c->items) {
    if (!v.is(kind::tensor))
      return unsupported("an element of the list of " + a.name, std::string(name_of(v.what)),
                         "Tensor");
    const auto item = dequantized(e, *v.t);
    if (!item) return item;
    items.push_back(*item);
  }
  return e.c.values.list(std::move(items), list.what);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_LINEAR_HPP_
// ---- octet/import/torch/rows_norm.hpp
// Rows of normalizations.
#ifndef OCTET_IMPORT_TORCH_ROWS_NORM_HPP_
#define OCTET_IMPORT_TORCH_ROWS_NORM_HPP_


OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

/// One float per channel, or `otherwise` for all of them.
inline result<std::vector<float>> channel_factors(emitter& e, arguments& a,
                                                  std::string_view parameter, std::size_t channels,
                                                  float otherwise) {
  if (a.none(parameter)) return std::vector<float>(channels, otherwise);
  const tensor_data* t = a.tensor(parameter);
  if (auto s = a.check(); !s) return s.error();
  auto v = e.c.numbers<float>(*t);
  if (v && v->size() != channels)
    return invalid("parameters of " + a.name, std::to_string(v->size()), std::to_string(channels));
  return v;
}
/// quantized::batch_norm*(x, weight, bias, mean, var, eps, scale, zero_point): two numbers per
/// channel remain.
template <bool Relu> result<value> batch_norm(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("qx");
  const auto eps = static_cast<float>(a.real("eps"));
  a.tensor("mean"), a.tensor("var");  // mean and variance must be given
  if (auto s = a.check(); !s) return s.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const auto out = e.output(a, x->type);
  if (!out) return out.error();
  if (x->rank() < 2)
    return unsupported("rank of the input of " + a.name, std::to_string(x->rank()));
  const auto n = as_size(x->size[1]);
  const auto w = channel_factors(e, a, "weight", n, 1.f), b = channel_factors(e, a, "bias", n, 0.f),
             m = channel_factors(e, a, "mean", n, 0.f), v = channel_factors(e, a, "var", n, 1.f);
  for (const auto* factors : {&w, &b, &m, &v})
    if (!*factors) return factors->error();
  std::vector<float> alpha(n), beta(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto inverse = static_cast<float>(
        numerics::div(1.0, static_cast<double>(numerics::sqrt_f32(numerics::add((*v)[i], eps)))));
    alpha[i] =
        static_cast<float>(numerics::mul(static_cast<double>(numerics::mul(inverse, (*w)[i])),
                                         numerics::div(x->scales[0], out->scale)));
    beta[i] = static_cast<float>(
        numerics::div(static_cast<double>(numerics::sub(
                          (*b)[i], numerics::mul(numerics::mul((*m)[i], inverse), (*w)[i]))),
                      out->scale));
  }
  const bool inner = x->rank() >= 3;
  const auto in = e.held(*x, inner);
  if (!in) return in.error();
  const tensor_id to = e.make(x->type, *out);
  const tensor_id p = e.constant_of(alpha), q = e.constant_of(beta);
  if (auto s = e.emit(ops::batch_norm, {*in, p, q}, to, {},
                      {.fused = Relu ? activation::relu : activation::none});
      !s)
    return s.error();
  return e.wrap(to, x->type, inner, true);
}

/// Float32 weight or bias of a normalization, or none.
inline result<tensor_id> norm_parameter(emitter& e, arguments& a, std::string_view parameter) {
  if (a.none(parameter)) return no_tensor;
  tensor_data* t = a.tensor(parameter);
  if (auto s = a.check(); !s) return s.error();
  if (t->type != scalar::f32)
    return unsupported("weight or bias of " + a.name, std::string(name_of(t->type)), "float32");
  return e.held(*t, false);
}
/// Of input, weight, bias, eps, output_scale, output_zero_point. The kernels work on contiguous
/// memory.
inline result<value> normalized(emitter& e, arguments& a, const op_def& op, const char* key,
                                std::int64_t number) {
  tensor_data* x = a.tensor("input");
  const double eps = a.real("eps");
  if (auto s = a.check(); !s) return s.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const auto q = e.output(a, x->type);
  if (!q) return q.error();
  attributes attrs;
  attrs.set("epsilon", eps);
  attrs.set(key, number);
  const bool last = &op == &ops::group_norm && suggests_channels_last(*x);
  if (last) attrs.set("channels_last", std::int64_t{1});
  const auto in = e.held(*x, false), weight = norm_parameter(e, a, "weight"),
             bias = norm_parameter(e, a, "bias");
  for (const auto* id : {&in, &weight, &bias})
    if (!*id) return id->error();
  const tensor_id to = e.make(x->type, *q);
  if (auto s = e.emit(op, {*in, *weight, *bias}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, x->type, false, last);
}
/// layer_norm(x, shape, w, b, eps, scale, zp).
inline result<value> layer_norm(emitter& e, arguments& a) {
  const tensor_data* x = a.tensor("input");
  const auto shape = a.integers("normalized_shape");
  if (auto s = a.check(); !s) return s.error();
  if (shape.empty() || shape.size() > x->size.size() ||
      !std::equal(shape.begin(), shape.end(),
                  x->size.end() - static_cast<std::ptrdiff_t>(shape.size())))
    return invalid("normalized shape of " + a.name);
  return normalized(e, a, ops::layer_norm, "axes", static_cast<std::int64_t>(shape.size()));
}
/// group_norm(x, groups, w, b, eps, scale, zp); instance_norm(x, w, b, eps, scale, zp) has a group
/// for each channel.
template <bool Instance> result<value> group_norm(emitter& e, arguments& a) {
  const tensor_data* x = a.tensor("input");
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() < 2) return invalid("rank of the input of " + a.name);
  const std::int64_t groups = Instance ? x->size[1] : a.integer("num_groups");
  if (auto s = a.check(); !s) return s.error();
  if (groups < 1 || x->size[1] % groups != 0)
    return invalid("groups of " + a.name, std::to_string(groups));
  return normalized(e, a, ops::group_norm, "groups", groups);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_NORM_HPP_
// ---- octet/import/torch/rows_pool.hpp
// Rows of windows and reductions: pooling, means; nearest-neighbour and bilinear resizing.
#ifndef OCTET_IMPORT_TORCH_ROWS_POOL_HPP_
#define OCTET_IMPORT_TORCH_ROWS_POOL_HPP_

#include <algorithm>


OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

/// An image [N,C,H,W], quantized with one scale or float32.
inline status image(const emitter& e, const arguments& a, const tensor_data& x) {
  if (x.rank() != 4)
    return unsupported("rank of the input of " + a.name, std::to_string(x.rank()), "4");
  return e.per_tensor_or_float(x);
}
/// A node from an image to one of the same type and quantization.
inline result<value> image_node(emitter& e, tensor_data& x, const op_def& op, attributes attrs) {
  const auto in = e.held(x, true);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  if (auto s = e.emit(op, {*in}, to, std::move(attrs), {.framework = e.facts_of(x, true)}); !s)
    return s.error();
  return e.wrap(to, x.type, true, suggests_channels_last(x));
}

// ---- pooling ----

/// Window, strides and padding of a pooling.
inline pool2d_attrs window_of(arguments& a) {
  const auto window = a.pair("kernel_size", {0, 0}), stride = a.pair("stride", window),
             padding = a.pair("padding", {0, 0});
  pool2d_attrs p;
  p.window_h = window[0], p.window_w = window[1], p.stride_h = stride[0], p.stride_w = stride[1];
  p.pad_top = p.pad_bottom = padding[0], p.pad_left = p.pad_right = padding[1];
  return p;
}
inline result<value> max_pool2d(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(a.first());
  pool2d_attrs p = window_of(a);
  const auto dilation = a.pair("dilation", {1, 1});
  p.dilation_h = dilation[0], p.dilation_w = dilation[1];
  p.ceil_mode = a.boolean("ceil_mode");
  if (auto s = a.check(); !s) return s.error();
  if (auto s = image(e, a, *x); !s) return s.error();
  return image_node(e, *x, is_quantized(x->type) ? ops::qnn_max_pool2d : ops::max_pool2d,
                    to_attributes(p));
}
inline result<value> avg_pool2d(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  pool2d_attrs p = window_of(a);
  p.ceil_mode = a.boolean("ceil_mode");
  p.count_include_pad = a.boolean("count_include_pad");
  const bool divided = !a.none("divisor_override");
  if (divided) p.divisor = a.small("divisor_override", a.integer("divisor_override"));
  if (auto s = a.check(); !s) return s.error();
  if (divided && p.divisor <= 0)
    return invalid("divisor_override of " + a.name, std::to_string(p.divisor));
  if (auto s = image(e, a, *x); !s) return s.error();
  return image_node(e, *x, is_quantized(x->type) ? ops::qnn_avg_pool2d : ops::avg_pool2d,
                    to_attributes(p));
}
inline result<value> mean(emitter& e, arguments& a);
/// One float for each channel: PyTorch takes the mean, whose sum has another order than a pool's.
inline result<value> global_mean(emitter& e, arguments& a, tensor_data& x) {
  std::vector<std::int64_t> axes;
  for (int i = 2; i < x.rank(); ++i) axes.push_back(i);
  arguments as(
      e.c, a.name,
      {{"self", value_of(x)}, {"dim", e.c.values.integers(axes)}, {"keepdim", value::of(true)}});
  const auto y = mean(e, as);
  if (!y || !suggests_channels_last(x)) return y;
  return with_strides(e, *y, channels_last_strides(y->t->size));
}
inline result<value> adaptive_avg_pool2d(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (auto s = image(e, a, *x); !s) return s.error();
  const value size = a["output_size"];
  if (!size.is_sequence() || size.c->items.size() != 2)
    return unsupported("output size of " + a.name);
  std::int32_t out[2];
  for (std::size_t k = 0; k < 2; ++k) {
    const value& v = size.c->items[k];
    if (!v.is(kind::integer) && !v.is(kind::none)) return unsupported("output size of " + a.name);
    out[k] = a.small("output_size", v.is(kind::none) ? x->size[2 + k] : v.i);
  }
  if (auto s = a.check(); !s) return s.error();
  if (!is_quantized(x->type) && out[0] == 1 && out[1] == 1) return global_mean(e, a, *x);
  pool2d_attrs p;
  p.adaptive_h = out[0], p.adaptive_w = out[1];
  return image_node(e, *x, is_quantized(x->type) ? ops::qnn_avg_pool2d : ops::avg_pool2d,
                    to_attributes(p));
}

/// adaptive_max_pool2d(x, size): the values; nobody has asked for the indices.
inline result<value> adaptive_max_pool2d(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const auto out = a.pair("output_size", {0, 0});
  if (auto s = a.check(); !s) return s.error();
  if (auto s = image(e, a, *x); !s) return s.error();
  pool2d_attrs p;
  p.adaptive_h = out[0], p.adaptive_w = out[1];
  const auto y = image_node(e, *x, is_quantized(x->type) ? ops::qnn_max_pool2d : ops::max_pool2d,
                            to_attributes(p));
  if (!y) return y;
  return e.c.values.list({*y, e.c.values.not_computed("indices of " + a.name)}, kind::tuple);
}

// ---- one axis instead of two ----

/// [N, C, L] as the image [N, C, 1, L], and back; layout and strides stay.
inline result<value> as_one_row(emitter& e, const arguments& a, tensor_data& x) {
  if (x.rank() != 3)
    return unsupported("rank of the input of " + a.name, std::to_string(x.rank()), "3");
  const auto in = e.held_as_is(x);
  if (!in) return in.error();
  const bool inner = !x.constant() && x.channels_inner;
  const tensor_id to = e.make_like(x);
  const auto n = x.size[0], c = x.size[1], l = x.size[2];
  if (auto s = e.reshape(
          *in, to,
          inner ? std::vector{n, std::int64_t{1}, l, c} : std::vector{n, c, std::int64_t{1}, l});
      !s)
    return s.error();
  return with_strides(e, e.wrap(to, x.type, inner, false),
                      {x.stride[0], x.stride[1], l * x.stride[2], x.stride[2]});
}
inline result<value> as_line(emitter& e, const value& row) {
  if (!row.is(kind::tensor)) return row;
  tensor_data& x = *row.t;
  const auto in = e.held_as_is(x);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  const auto n = x.size[0], c = x.size[1], l = x.size[3];
  if (auto s = e.reshape(*in, to, x.channels_inner ? std::vector{n, l, c} : std::vector{n, c, l});
      !s)
    return s.error();
  return with_strides(e, e.wrap(to, x.type, x.channels_inner, false),
                      {x.stride[0], x.stride[1], x.stride[3]});
}
using row_function = result<value> (*)(emitter&, arguments&);
/// A parameter of numbers of one axis each, and the neutral number of the height.
struct axis_parameter {
  std::string_view name;
  std::int64_t height;
};
inline constexpr axis_parameter axis_parameters[] = {
    {"kernel_size", 1}, {"stride", 1}, {"padding", 0}, {"dilation", 1}, {"output_size", 1}};
/// The operator of two axes on one.
template <row_function Of> result<value> on_one_row(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(a.first());
  if (auto s = a.check(); !s) return s.error();
  const auto row = as_one_row(e, a, *x);
  if (!row) return row;
  arguments two = a;
  two.replace(a.first(), *row);
  for (const axis_parameter& p : axis_parameters) {
    if (!a.has(p.name)) continue;
    const std::vector<std::int64_t> given = a.integers(p.name);
    if (auto s = a.check(); !s) return s.error();
    if (!given.empty()) two.replace(p.name, e.c.values.integers({p.height, given.back()}));
  }
  const auto y = Of(e, two);
  if (!y) return y;
  if (!y->is(kind::tuple)) return as_line(e, *y);
  const auto line = as_line(e, y->c->items[0]);
  if (!line) return line;
  return e.c.values.list({*line, y->c->items[1]}, kind::tuple);
}

// ---- three axes ----

/// [N, C, D, H, W] in the layout [N, D, H, W, C].
inline result<tensor_id> volume(emitter& e, const arguments& a, tensor_data& x) {
  if (x.rank() != 5)
    return unsupported("rank of the input of " + a.name, std::to_string(x.rank()), "5");
  if (auto s = e.per_tensor_or_float(x); !s) return s.error();
  return e.held(x, true);
}
/// max_pool3d: the largest of each image's windows, then along the depth.
inline result<value> max_pool3d(emitter& e, arguments& a) {
  constexpr std::string_view parameters[] = {"kernel_size", "stride", "padding", "dilation"};
  tensor_data* x = a.tensor("self");
  std::vector<std::int64_t> list[4];
  for (std::size_t k = 0; k < 4; ++k) {
    list[k] = a.integers(parameters[k]);
    if (list[k].empty()) list[k] = k == 1 ? list[0] : std::vector<std::int64_t>{k == 3 ? 1 : 0};
    if (list[k].size() == 1) list[k].resize(3, list[k][0]);
  }
  const bool ceil_mode = a.boolean("ceil_mode");
  if (auto s = a.check(); !s) return s.error();
  for (const auto& l : list)
    if (l.size() != 3) return invalid("window of " + a.name);
  const auto in = volume(e, a, *x);
  if (!in) return in.error();
  const op_def& op = is_quantized(x->type) ? ops::qnn_max_pool2d : ops::max_pool2d;
  tensor_id at = *in;
  for (int pass = 0; pass < 2; ++pass) {  // height and width, then depth
    const dims s = e.g[at].shape;         // [N, D, H, W, C]
    const tensor_id image = e.make_like(*x), pooled = e.make_like(*x), back = e.make_like(*x);
    const bool deep = pass == 1;
    using shape = std::vector<std::int64_t>;
    const std::int64_t n = s[0], d = s[1], h = s[2], w = s[3], c = s[4];
    if (auto r = e.reshape(at, image, deep ? shape{n, d, h * w, c} : shape{n * d, h, w, c}); !r)
      return r.error();
    pool2d_attrs p;
    p.ceil_mode = ceil_mode;
    const std::size_t first = deep ? 0 : 1;
    p.window_h = a.small("kernel_size", list[0][first]);
    p.stride_h = a.small("stride", list[1][first]);
    p.pad_top = p.pad_bottom = a.small("padding", list[2][first]);
    p.dilation_h = a.small("dilation", list[3][first]);
    if (!deep) {
      p.window_w = a.small("kernel_size", list[0][2]), p.stride_w = a.small("stride", list[1][2]);
      p.pad_left = p.pad_right = a.small("padding", list[2][2]);
      p.dilation_w = a.small("dilation", list[3][2]);
    }
    if (auto r = a.check(); !r) return r.error();
    if (auto r = e.emit(op, {image}, pooled, to_attributes(p)); !r) return r.error();
    const dims o = e.g[pooled].shape;
    if (auto r =
            e.reshape(pooled, back, deep ? shape{n, o[1], h, w, c} : shape{n, d, o[1], o[2], c});
        !r)
      return r.error();
    at = back;
  }
  return e.wrap(at, x->type, true, false);
}
/// A volume [N, D, H, W, C] with that many planes, rows and columns of zeros around it.
inline result<tensor_id> padded_volume(emitter& e, const tensor_data& x, tensor_id at,
                                       const std::vector<std::int64_t>& pad) {
  const tensor_id wider = e.make_like(x);
  attributes around;
  around.set("paddings",
             std::vector<std::int64_t>{0, 0, pad[0], pad[0], pad[1], pad[1], pad[2], pad[2], 0, 0});
  if (is_quantized(x.type)) around.set("value", std::int64_t{x.zero_points[0]});
  const op_def& op = is_quantized(x.type) ? ops::qnn_pad : ops::pad;
  if (auto s = e.emit(op, {at}, wider, std::move(around)); !s) return s.error();
  return wider;
}
/// The rows of the windows over depth and height of a volume of that height, one window after
/// another. `outs`: windows along both.
inline std::vector<std::int32_t> rows_of_windows(std::span<const std::int64_t> outs,
                                                 const std::vector<std::int64_t>& size,
                                                 const std::vector<std::int64_t>& stride,
                                                 std::int64_t height) {
  std::vector<std::int32_t> list;
  for (std::int64_t d = 0; d < outs[0]; ++d)
    for (std::int64_t h = 0; h < outs[1]; ++h)
      for (std::int64_t k = 0; k < size[0] * size[1]; ++k)
        list.push_back(static_cast<std::int32_t>((d * stride[0] + k / size[1]) * height +
                                                 h * stride[1] + k % size[1]));
  return list;
}
/// Rows of a volume as an image: with the volume's strides, or its channels last.
inline value image_of_volume(emitter& e, const tensor_data& x, tensor_id image,
                             bool channels_last) {
  value v = e.wrap(image, x.type, true, false);
  v.t->stride = channels_last ? channels_last_strides(v.t->size)
                              : std::vector{x.stride[0], x.stride[1], x.stride[2], x.stride[4]};
  e.g[image].format = format_of(suggests_channels_last(*v.t));
  return v;
}
/// avg_pool3d as avg_pool2d: the rows of each window over depth and height, one after another, as
/// an image of their own.
inline result<value> avg_pool3d(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  std::vector<std::int64_t> size = a.integers("kernel_size"), stride = a.integers("stride"),
                            pad = a.integers("padding");
  if (a.boolean("ceil_mode")) return unsupported("ceil_mode of " + a.name, "True", "False");
  const bool counted = a.boolean("count_include_pad");
  if (stride.empty()) stride = size;
  const std::pair<std::string_view, std::vector<std::int64_t>*> lists[] = {
      {"kernel_size", &size}, {"stride", &stride}, {"padding", &pad}};
  for (const auto& [parameter, l] : lists) {
    if (l->size() == 1) l->resize(3, (*l)[0]);
    if (l->size() != 3) return invalid("window of " + a.name);
    for (std::int64_t v : *l) a.small(parameter, v);
  }
  if (auto s = a.check(); !s) return s.error();
  const bool padded = pad[0] != 0 || pad[1] != 0 || pad[2] != 0;
  if (padded && !counted) return unsupported("padding of " + a.name + " that does not count");
  const auto in = volume(e, a, *x);
  if (!in) return in.error();
  tensor_id at = *in;
  if (padded) {
    const auto wider = padded_volume(e, *x, at, pad);
    if (!wider) return wider.error();
    at = *wider;
  }
  const dims s = e.g[at].shape;  // [N, D, H, W, C]
  const std::int64_t outs[] = {(s[1] - size[0]) / std::max<std::int64_t>(stride[0], 1) + 1,
                               (s[2] - size[1]) / std::max<std::int64_t>(stride[1], 1) + 1};
  if (size[0] < 1 || size[1] < 1 || stride[0] < 1 || stride[1] < 1 || s[1] < size[0] ||
      s[2] < size[1])
    return invalid("window of " + a.name);
  const std::int64_t rows = size[0] * size[1];
  const std::size_t count = as_size(outs[0] * outs[1] * rows);
  if (auto limit = e.c.build.make_constant(count * sizeof(std::int32_t)); !limit)
    return limit.error();
  const auto list = rows_of_windows(outs, size, stride, s[2]);
  const tensor_id flat = e.make_like(*x), image = e.make_like(*x), y = e.make_like(*x);
  if (auto r = e.reshape(at, flat, {s[0], std::int64_t{s[1]} * s[2], s[3], s[4]}); !r)
    return r.error();
  attributes along_rows;
  along_rows.set("axis", std::int64_t{1});
  if (auto r = e.emit(ops::gather, {flat, e.c.build.constant(list)}, image, std::move(along_rows));
      !r)
    return r.error();
  const std::int64_t c = s[4];
  // Codes are averaged with their channels innermost, whatever the tensor's format.
  const value windows = image_of_volume(e, *x, image, is_quantized(x->type));
  arguments two(e.c, a.name,
                {{"self", windows},
                 {"kernel_size", e.c.values.integers({rows, size[2]})},
                 {"stride", e.c.values.integers({rows, stride[2]})},
                 {"padding", e.c.values.integers({0, 0})},
                 {"ceil_mode", value::of(false)},
                 {"count_include_pad", value::of(true)},
                 {"divisor_override", a["divisor_override"]}});
  const auto pooled = avg_pool2d(e, two);
  if (!pooled) return pooled;
  const auto line = e.held(*pooled->t, true);
  if (!line) return line.error();
  const std::int64_t width = e.g[*line].shape[2];
  if (auto r = e.reshape(*line, y, {s[0], outs[0], outs[1], width, c}); !r) return r.error();
  return e.wrap(y, x->type, true, false);
}
/// adaptive_avg_pool3d to one element a channel: one average of the whole volume, as an image of
/// D rows.
inline result<value> adaptive_avg_pool3d(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  auto size = a.integers("output_size");
  if (auto s = a.check(); !s) return s.error();
  if (size.size() == 1) size.resize(3, size[0]);
  if (size != std::vector<std::int64_t>{1, 1, 1})
    return unsupported("output size of " + a.name, {}, "1, 1, 1");
  if (x->rank() == 5 && x->type == scalar::f32) return global_mean(e, a, *x);
  const auto in = volume(e, a, *x);
  if (!in) return in.error();
  const dims s = e.g[*in].shape;
  const tensor_id image = e.make_like(*x);
  if (auto r = e.reshape(*in, image, {s[0], s[1], std::int64_t{s[2]} * s[3], s[4]}); !r)
    return r.error();
  const auto c = static_cast<std::int64_t>(s[4]);
  const value rows = image_of_volume(e, *x, image, false);
  arguments two(e.c, a.name, {{"self", rows}, {"output_size", e.c.values.integers({1, 1})}});
  const auto y = adaptive_avg_pool2d(e, two);
  if (!y) return y;
  return reshaped(e, *y->t, {s[0], c, 1, 1, 1});
}

// ---- resizing ----

/// The given one, or where it is none the input's extents times the given factors.
inline result<std::vector<std::int64_t>> output_size(arguments& a, const tensor_data& x,
                                                     const std::array<double, 2>& scale) {
  std::vector<std::int64_t> size;
  if (!a.none("output_size")) size = a.integers("output_size");
  if (auto s = a.check(); !s) return s.error();
  if (size.empty())
    for (std::size_t k = 0; k < 2; ++k)
      size.push_back(static_cast<std::int64_t>(numerics::floor(
          numerics::clamp(numerics::mul(static_cast<double>(x.size[2 + k]), scale[k]), 0., 1e9))));
  if (size.size() != 2) return invalid("output size of " + a.name);
  return size;
}
/// A given factor, not the ratio of extents, sets the source coordinates.
template <bool Bilinear>
result<value> resized(emitter& e, arguments& a, tensor_data& x,
                      const std::array<double, 2>& scale) {
  resize_attrs r;
  if (Bilinear) {
    r.align_corners = a.boolean("align_corners");
    r.half_pixel_centers = !r.align_corners;
  }
  if (auto s = a.check(); !s) return s.error();
  if (auto s = image(e, a, x); !s) return s.error();
  const auto size = output_size(a, x, scale);
  if (!size) return size.error();
  r.out_h = a.small("output_size", (*size)[0]), r.out_w = a.small("output_size", (*size)[1]);
  if (auto s = a.check(); !s) return s.error();
  r.scale_h = scale[0], r.scale_w = scale[1];
  const op_def& bilinear = is_quantized(x.type) ? ops::qnn_resize_bilinear : ops::resize_bilinear;
  return image_node(e, x, Bilinear ? bilinear : ops::resize_nearest, to_attributes(r));
}
/// upsample_nearest2d(x, size, scales) and (x, size, scale_h, scale_w); the same for bilinear with
/// align_corners after the size.
template <bool Bilinear> result<value> upsample(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("input");
  const auto scale = a.real_pair("scales_h", "scales_w");
  if (auto s = a.check(); !s) return s.error();
  return resized<Bilinear>(e, a, *x, scale);
}
/// upsample_nearest1d(x, size, scale): the scale is a number or a list of one.
inline result<value> upsample_line(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("input");
  if (auto s = a.check(); !s) return s.error();
  const auto row = as_one_row(e, a, *x);
  if (!row) return row;
  arguments two = a;
  if (const value given = a["scales"]; given.is_sequence() && given.c->items.size() == 1)
    two.replace("scales", given.c->items[0]);
  if (const auto extent =
          a.none("output_size") ? std::vector<std::int64_t>{} : a.integers("output_size");
      !extent.empty())
    two.replace("output_size", e.c.values.integers({1, extent.back()}));
  if (auto s = a.check(); !s) return s.error();
  const double scale = two.real_or("scales", 0);
  if (auto s = two.check(); !s) return s.error();
  const auto y = resized<false>(e, two, *row->t, {two.none("scales") ? 0. : 1., scale});
  if (!y) return y;
  return as_line(e, *y);
}

/// Of each of `out` places along an axis of n the nearest element, by the middles of both. `given`:
/// a factor, or 0. PyTorch's loop of contiguous floats computes in float32 around the middle, its
/// other kernels with a half in float64.
inline std::vector<std::int64_t> nearest_by_middle(std::int64_t n, std::int64_t out, double given,
                                                   bool contiguous_floats) {
  const float scale = given > 0 ? static_cast<float>(numerics::div(1., given))
                                : numerics::div(static_cast<float>(n), static_cast<float>(out));
  std::vector<std::int64_t> index;
  for (std::int64_t i = 0; i < out; ++i) {
    const float at =
        contiguous_floats
            ? numerics::add(
                  numerics::sub(numerics::mul(scale, numerics::add(static_cast<float>(i), .5f)),
                                .5f),
                  .5f)
            : static_cast<float>(numerics::mul(numerics::add(static_cast<double>(i), .5),
                                               static_cast<double>(scale)));
    index.push_back(std::clamp<std::int64_t>(
        static_cast<std::int64_t>(numerics::floor(static_cast<double>(at))), 0, n - 1));
  }
  return index;
}
/// _upsample_nearest_exact2d(x, size, scales) and (x, size, scale_h, scale_w).
inline result<value> upsample_exact(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("input");
  const auto scale = a.real_pair("scales_h", "scales_w");
  if (auto s = a.check(); !s) return s.error();
  if (auto s = image(e, a, *x); !s) return s.error();
  const auto size = output_size(a, *x, scale);
  if (!size) return size.error();
  const bool last = suggests_channels_last(*x), floats = !is_quantized(x->type) && !last;
  value v = value_of(*x);
  for (std::size_t k = 0; k < 2; ++k) {
    const std::int64_t n = x->size[2 + k], out = a.small("output_size", (*size)[k]);
    if (auto s = a.check(); !s) return s.error();
    if (n < 1 || out < 1) return invalid("extents of " + a.name, std::to_string(out));
    if (auto s = e.c.build.work.spend(sizeof(std::int64_t) * as_size(out)); !s) return s.error();
    const auto next = picked(e, *v.t, 2 + k, nearest_by_middle(n, out, scale[k], floats));
    if (!next) return next;
    v = *next;
  }
  return with_strides(e, v,
                      last ? channels_last_strides(v.t->size) : contiguous_strides(v.t->size));
}
inline result<value> upsample_exact_line(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("input");
  if (auto s = a.check(); !s) return s.error();
  const auto row = as_one_row(e, a, *x);
  if (!row) return row;
  const auto extent =
      a.none("output_size") ? std::vector<std::int64_t>{} : a.integers("output_size");
  value factor = a["scales"];
  if (factor.is_sequence() && factor.c->items.size() == 1) factor = factor.c->items[0];
  arguments two(
      e.c, a.name,
      {{"input", *row},
       {"output_size", extent.empty() ? value{} : e.c.values.integers({1, extent.back()})},
       {"scales_h", factor.is(kind::none) ? factor : value::of(1.)},
       {"scales_w", factor}});
  const auto y = upsample_exact(e, two);
  if (!y) return y;
  return as_line(e, *y);
}

// ---- means ----

/// Which axes a mean goes over.
struct reduction {
  std::vector<bool> reduced;  // per logical axis
  bool keep = false;          // with extent 1
  bool two_three = false;     // the file names axes 2 and 3, in this order
  bool spatial() const {
    return reduced.size() == 4 && !reduced[0] && !reduced[1] && reduced[2] && reduced[3];
  }
};
inline result<reduction> reduction_of(arguments& a, const tensor_data& x) {
  reduction r;
  r.keep = a.boolean("keepdim");
  r.reduced.assign(x.size.size(), a.none("dim"));
  if (!a.none("dim")) {
    const auto axes = a.integers("dim");
    r.two_three = axes.size() == 2 && axes[0] == 2 && axes[1] == 3;
    for (std::int64_t d : axes) {
      const std::size_t axis = a.axis(d, std::max(x.rank(), 1));
      if (axis < r.reduced.size()) r.reduced[axis] = true;
    }
    if (axes.empty()) r.reduced.assign(r.reduced.size(), true);
  }
  if (auto s = a.check(); !s) return s.error();
  return r;
}
/// What is left of a tensor held channels last, brought to the logical order of axes.
inline result<tensor_id> in_logical_order(emitter& e, const tensor_data& x, const reduction& r,
                                          tensor_id from) {
  std::vector<std::int64_t> left;  // logical axes in the order the IR has them
  for (int k = 0; k < x.rank(); ++k) {
    const int i = k == 0 ? 0 : k + 1 == x.rank() ? 1 : k + 1;
    if (!r.reduced[as_size(i)]) left.push_back(i);
  }
  std::vector<std::int64_t> order;  // axis of octet's output for each of PyTorch's
  for (int i = 0; i < x.rank(); ++i)
    if (!r.reduced[as_size(i)])
      order.push_back(std::find(left.begin(), left.end(), i) - left.begin());
  if (std::is_sorted(order.begin(), order.end())) return from;
  const tensor_id to = e.make_like(x);
  if (auto s = e.transpose(from, to, std::move(order)); !s) return s.error();
  return to;
}
/// Is a mean summed as floats, in an order that depends on the memory format?
inline bool sums_floats(const emitter& e, const tensor_data& x, const reduction& r) {
  if (!is_quantized(x.type)) return true;
  laws::facts f;
  f.arithmetic = e.g.arithmetic;
  f.framework = emitter::facts_of(x, false);
  f.framework.axes_two_three = r.two_three;
  f.x.type = dtype_of_scalar(x.type);
  f.x.shape.rank = x.rank();
  for (int i = 0; i < x.rank(); ++i)
    if (r.reduced[as_size(i)]) f.axes.push_back(i);
  return laws::mean(f).round == rounding::aten;
}
/// The mean of floats of a line that lies channels-last in memory. Codes are dequantized first, to
/// contiguous memory.
inline result<value> mean_of_line(emitter& e, tensor_data& x, const reduction& r) {
  const auto in = e.held(x, true);
  if (!in) return in.error();
  std::vector<std::int64_t> axes, left;
  for (int i = 0; i < x.rank(); ++i)
    if (r.reduced[as_size(i)])
      axes.push_back(axis_in_layout(i, x.rank(), true));
    else
      left.push_back(x.size[as_size(i)]);
  attributes attrs;
  attrs.set("axes", std::move(axes)), attrs.set("keep_dims", std::int64_t{1});
  const tensor_id to = e.make_like(x);
  if (auto s = e.emit(ops::mean, {*in}, to, std::move(attrs), {.framework = e.facts_of(x, true)});
      !s)
    return s.error();
  const value all = e.wrap(to, x.type, true, false);
  return r.keep ? result<value>(all) : reshaped(e, *all.t, std::move(left));
}
/// mean over axes; the quantization stays.
inline result<value> mean(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const auto r = reduction_of(a, *x);
  if (!r) return r.error();
  if (auto s = e.per_tensor_or_float(*x); !s) return s.error();
  const bool summed = sums_floats(e, *x, *r);
  // The order of sums is that of the memory, wherever octet holds the channels.
  const bool inner =
      summed ? suggests_channels_last(*x) : r->spatial() && x->channels_inner && !x->constant();
  if (x->type == scalar::f32 && x->rank() == 3 && lies_channels_inner(*x))
    return mean_of_line(e, *x, *r);
  const auto in = e.held(*x, inner);
  if (!in) return in.error();
  attributes attrs;
  std::vector<std::int64_t> axes;
  for (int i = 0; i < x->rank(); ++i)
    if (r->reduced[as_size(i)]) axes.push_back(axis_in_layout(i, x->rank(), inner));
  attrs.set("axes", axes);
  if (r->keep) attrs.set("keep_dims", std::int64_t{1});
  tensor_id to = e.make_like(*x);
  laws::framework_facts facts = e.facts_of(*x, inner);
  facts.axes_two_three = r->two_three;
  if (auto s = e.emit(is_quantized(x->type) ? ops::qnn_mean : ops::mean, {*in}, to,
                      std::move(attrs), {.framework = facts});
      !s)
    return s.error();
  if (inner && !r->keep && x->rank() >= 4 && !r->reduced[1]) {
    const auto moved = in_logical_order(e, *x, *r, to);
    if (!moved) return moved.error();
    to = *moved;
  }
  return e.wrap(to, x->type, r->keep && inner, false);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_POOL_HPP_

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

// ---- steps of compositions: values in, values out ----

using step = result<tensor_data*>;
inline step step_of(const result<value>& v) {
  if (!v) return v.error();
  return v->t;
}
inline step number(emitter& e, double v) { return number_of(e, v, scalar::f32); }
/// One node on float values that broadcast.
inline step apply(emitter& e, const op_def& op, const step& x, const step& y) {
  if (!x) return x;
  if (!y) return y;
  return step_of(emit_pair(e, op, {*x, *y}, scalar::f32));
}
inline step apply(emitter& e, const op_def& op, const step& x, attributes attrs = {}) {
  if (!x) return x;
  const auto in = e.held_as_is(**x);
  if (!in) return in.error();
  const tensor_id to = e.make(scalar::f32);
  if (auto s = e.emit(op, {*in}, to, std::move(attrs)); !s) return s.error();
  const value v = e.wrap(to, scalar::f32, !(*x)->constant() && (*x)->channels_inner, false);
  return with_strides(e, v, iterated_strides(v.t->size, {(*x)->stride})).t;
}
inline result<value> done(const step& x) {
  if (!x) return x.error();
  return value_of(**x);
}
/// z + x y of floats, rounded once: a depthwise convolution of one pixel, whose channels are the
/// elements. The operands are in the order of PyTorch's loop: z, x, y.
inline result<value> fused_sum(emitter& e, const std::array<tensor_data*, 3>& zxy) {
  auto m = meet(e, zxy);
  if (!m) return m.error();
  dims all;
  for (const tensor_id id : m->in) {
    const dims& s = e.g[id].shape;
    while (all.rank < s.rank) all.push_back(1);
  }
  for (const tensor_id id : m->in) {
    const dims& s = e.g[id].shape;
    for (int i = 0; i < s.rank; ++i)
      if (s.back(i) != 1) all[all.rank - 1 - i] = s.back(i);
  }
  const std::vector<std::int64_t> extents(all.begin(), all.end());
  const auto n = static_cast<std::int64_t>(all.elements().value);
  for (std::size_t k = 0; k < m->in.size(); ++k) {
    if (e.g[m->in[k]].shape != all) {
      const tensor_id wide = e.make(scalar::f32);
      attributes attrs;
      attrs.set("shape", extents);
      if (auto s = e.emit(ops::broadcast_to, {m->in[k]}, wide, std::move(attrs)); !s)
        return s.error();
      m->in[k] = wide;
    }
    const auto line = reshaped_like(
        e, m->in[k], k == 0 ? std::vector<std::int64_t>{n} : std::vector<std::int64_t>{1, 1, 1, n});
    if (!line) return line.error();
    m->in[k] = *line;
  }
  const tensor_id sums = e.make(scalar::f32);
  if (auto s = e.emit(ops::float_depthwise_conv2d, {m->in[1], m->in[2], m->in[0]}, sums); !s)
    return s.error();
  const auto y = reshaped_like(e, sums, extents);
  if (!y) return y.error();
  return m->result(e, *y, scalar::f32);
}
inline step fused(emitter& e, const step& z, const step& x, const step& y) {
  for (const step* s : {&z, &x, &y})
    if (!*s) return *s;
  return step_of(fused_sum(e, {*z, *x, *y}));
}
/// add, sub and rsub of floats with alpha: one fused multiply-add.
template <const op_def& Op, bool Swap = false> result<value> scaled_sum(emitter& e, arguments& a) {
  const double alpha = a.real("alpha");
  if (auto s = a.check(); !s) return s.error();
  if (alpha == 1) return plain_binary<Op, false, Swap>(e, a);
  const auto both = pair_of(e, a, Swap ? "other" : "self", Swap ? "self" : "other", false);
  if (!both) return both.error();
  if ((*both)[0]->type != scalar::f32 || (*both)[0]->elements() == 0 || (*both)[1]->elements() == 0)
    return plain_binary<Op, false, Swap>(e, a);
  return done(fused(e, (*both)[0], (*both)[1], number(e, &Op == &ops::sub ? -alpha : alpha)));
}
/// A result where the operator was given a quantized tensor: quantized by the input's parameters.
inline result<value> as_given(emitter& e, const tensor_data& x, const step& y) {
  if (!y || !is_quantized(x.type)) return done(y);
  const auto in = e.held_as_is(**y);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  if (auto s = e.emit(ops::quantize, {*in}, to); !s) return s.error();
  return e.wrap(to, x.type, !(*y)->constant() && (*y)->channels_inner, suggests_channels_last(**y));
}

// ---- functions of one value ----

/// Whole numbers and quantized values become floats first.
template <const op_def& Op> result<value> float_unary(emitter& e, arguments& a) {
  return done(apply(e, Op, real_argument(e, a, "self")));
}
inline bool is_whole(const tensor_data& x) {
  return x.type == scalar::s64 || x.type == scalar::s32;
}
/// floor, ceil, round: whole numbers stay.
template <const op_def& Op> result<value> rounded(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  return is_whole(*x) ? a["self"] : float_unary<Op>(e, a);
}
inline result<value> square(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (is_whole(*x)) return emit_pair(e, ops::mul, {x, x}, x->type);
  return float_unary<ops::square>(e, a);
}
inline result<value> absolute(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (!is_whole(*x)) return float_unary<ops::abs>(e, a);
  const auto negative = emit_pair(e, ops::sub, {number_of(e, 0, x->type), x}, x->type);
  if (!negative) return negative;
  return emit_pair(e, ops::maximum, {x, negative->t}, x->type);
}
/// neg of floats and whole numbers.
inline result<value> neg(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (is_whole(*x)) return emit_pair(e, ops::sub, {number_of(e, 0, x->type), x}, x->type);
  return done(apply(e, ops::neg, real_value(e, *x)));
}
inline result<value> reciprocal(emitter& e, arguments& a) {
  return done(apply(e, ops::div, number(e, 1), real_argument(e, a, "self")));
}
inline result<value> silu(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  if (!x) return x.error();
  return unary(e, **x, silu_forms, {});
}
/// min(x, 0) - log(1 + exp(-|x|)).
inline result<value> log_sigmoid(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  const step soft = apply(e, ops::softplus, apply(e, ops::neg, apply(e, ops::abs, x)));
  return done(apply(e, ops::sub, apply(e, ops::minimum, x, number(e, 0)), soft));
}
/// Where x and y are the same number.
inline result<value> same_number(emitter& e, const step& x, const step& y) {
  if (!x) return x.error();
  if (!y) return y.error();
  return emit_pair(e, ops::equal, {*x, *y}, scalar::boolean);
}
/// where(x is y, these, those).
inline step where_same(emitter& e, const step& x, const step& y, const step& these,
                       const step& those) {
  const auto is = same_number(e, x, y);
  if (!is) return is.error();
  if (!these) return these;
  if (!those) return those;
  return step_of(chosen(e, *is->t, **these, **those));
}
/// log(1 + x): log u, u = 1 + x, times what u has lost of x; the last bit is not PyTorch's.
inline result<value> log1p(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), one = number(e, 1);
  const step u = apply(e, ops::add, x, one), rest = apply(e, ops::sub, u, one),
             log = apply(e, ops::log, u);
  const step y = where_same(e, rest, x, log, apply(e, ops::mul, log, apply(e, ops::div, x, rest)));
  return done(where_same(e, u, one, x, y));
}
/// exp(x) - 1: u - 1, u = exp x, times x / log u; the last bit is not PyTorch's.
inline step expm1_of(emitter& e, const step& x) {
  const step one = number(e, 1), u = apply(e, ops::exp, x);
  const step rest = apply(e, ops::sub, u, one);
  step y = apply(e, ops::mul, rest, apply(e, ops::div, x, apply(e, ops::log, u)));
  y = where_same(e, rest, u, u, y);  // large, or infinite
  y = where_same(e, rest, number(e, -1), rest, y);
  return where_same(e, u, one, x, y);
}
inline result<value> expm1(emitter& e, arguments& a) {
  return done(expm1_of(e, real_argument(e, a, "self")));
}
/// log2 and log10: the last bit is not PyTorch's.
template <int Base> result<value> log_to_base(emitter& e, arguments& a) {
  constexpr double ln = Base == 2 ? 0.69314718055994530942 : 2.3025850929940456840;
  return done(apply(e, ops::div, apply(e, ops::log, real_argument(e, a, "self")), number(e, ln)));
}
/// log(1 + exp(b x)) / b; x itself where b x is above the threshold.
inline step softplus_of(emitter& e, const step& x, double beta, double threshold) {
  const step scaled = beta == 1 ? x : apply(e, ops::mul, x, number(e, beta));
  step soft = apply(e, ops::softplus, scaled);
  if (beta == 1 && threshold == 20) return soft;
  if (beta != 1) soft = apply(e, ops::div, soft, number(e, beta));
  if (!soft) return soft;
  const auto above =
      emit_pair(e, ops::greater, {*scaled, number_of(e, threshold, scalar::f32)}, scalar::boolean);
  if (!above) return above.error();
  return step_of(chosen(e, *above->t, **x, **soft));
}
inline result<value> softplus(emitter& e, arguments& a) {
  const double beta = a.real("beta"), threshold_at = a.real("threshold");
  return done(softplus_of(e, real_argument(e, a, "self"), beta, threshold_at));
}
inline result<value> mish(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  return done(apply(e, ops::mul, x, apply(e, ops::tanh, softplus_of(e, x, 1, 20))));
}
/// x / 2 times 1 + erf(x / sqrt(2)), a rounding each.
inline result<value> gelu_by_scalars(emitter& e, tensor_data& x) {
  const step real = real_value(e, x);
  const step erf = apply(e, ops::erf, apply(e, ops::mul, real, number(e, 0.70710678118654752440)));
  return as_given(e, x,
                  apply(e, ops::mul, apply(e, ops::mul, real, number(e, 0.5)),
                        apply(e, ops::add, number(e, 1), erf)));
}
inline result<value> gelu(emitter& e, arguments& a) {
  const value form = a["approximate"];
  const bool approximate = form.is(kind::string) && form.c->text == "tanh";
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  attributes attrs;
  if (approximate) attrs.set("approximate", std::int64_t{1});
  // What is not contiguous PyTorch's own loop computes, where its steps are not 1 by scalars.
  if (!approximate && x->rank() > 0 && !is_contiguous(*x, false)) {
    if (vector_row(x->size, {memory_steps{}, x->stride}) < 16) return gelu_by_scalars(e, *x);
    attrs.set("by_loop", std::int64_t{1});
  }
  return as_given(e, *x, apply(e, ops::gelu, real_value(e, *x), std::move(attrs)));
}
/// glu(x, dim): the first half times the sigmoid of the second.
inline result<value> glu(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  const std::int64_t dim = a.integer("dim");
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, (*x)->rank());
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t half = (*x)->size[axis] / 2;
  if ((*x)->size[axis] % 2 != 0) return invalid("extent of " + a.name, "odd");
  const step first = step_of(sliced(e, **x, axis, 0, half)),
             second = step_of(sliced(e, **x, axis, half, half));
  if (!first) return first.error();
  if (!second) return second.error();
  const auto in = e.held(**second, suggests_channels_last(**second));  // by position, as logistic
  if (!in) return in.error();
  attributes attrs;
  set_row(attrs, (*second)->size, {memory_steps{}, (*first)->stride, (*second)->stride});
  const tensor_id gate = e.make(scalar::f32);
  if (auto s = e.emit(ops::logistic, {*in}, gate, std::move(attrs)); !s) return s.error();
  const bool last = suggests_channels_last(**second);
  return done(apply(e, ops::mul, first, e.wrap(gate, scalar::f32, last, last).t));
}
/// leaky_relu(x, slope); of codes with the input's parameters.
inline result<value> plain_leaky_relu(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  attributes attrs;
  attrs.set("alpha", a.real("negative_slope"));
  if (auto s = a.check(); !s) return s.error();
  if (is_quantized(x->type)) {
    if (auto s = e.per_tensor(*x); !s) return s.error();
    return unary(e, *x, leaky_relu_forms, {x->scales[0], x->zero_points[0]}, std::move(attrs));
  }
  return done(apply(e, ops::leaky_relu, real_value(e, *x), std::move(attrs)));
}
/// elu(x, alpha, scale, input_scale), celu(x, alpha), selu(x): above 0 x times the scale, below
/// exp(x times the input's scale) - 1 times alpha and scale.
inline step elu_of(emitter& e, const step& x, double alpha, double scale, double input_scale) {
  attributes attrs;
  attrs.set("alpha", static_cast<double>(
                         numerics::mul(static_cast<float>(alpha), static_cast<float>(scale))));
  if (input_scale == 1 && scale == 1) return apply(e, ops::elu, x, std::move(attrs));
  const step inner = input_scale == 1 ? x : apply(e, ops::mul, x, number(e, input_scale)),
             below = apply(e, ops::elu, inner, std::move(attrs)),
             scaled = scale == 1 ? x : apply(e, ops::mul, x, number(e, scale));
  if (!below) return below;
  const auto above =
      emit_pair(e, ops::greater, {*x, number_of(e, 0, scalar::f32)}, scalar::boolean);
  if (!above) return above.error();
  return step_of(chosen(e, *above->t, **scaled, **below));
}
inline result<value> plain_elu(emitter& e, arguments& a) {
  const double alpha = a.real("alpha"), scale = a.real("scale"),
               input_scale = a.real("input_scale");
  return done(elu_of(e, real_argument(e, a, "self"), alpha, scale, input_scale));
}
inline result<value> celu(emitter& e, arguments& a) {
  const double alpha = a.real("alpha");
  if (!(alpha != 0)) return invalid("alpha of " + a.name, std::to_string(alpha));
  return done(elu_of(e, real_argument(e, a, "self"), alpha, 1, numerics::div(1., alpha)));
}
inline result<value> selu(emitter& e, arguments& a) {
  return done(elu_of(e, real_argument(e, a, "self"), 1.6732632423543772848170429916717,
                     1.0507009873554804934193349852946, 1));
}
/// prelu(x, slopes): one slope, or one per channel.
inline result<value> plain_prelu(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  tensor_data* w = a.tensor("weight");
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t n = w->elements();
  if (w->rank() > 1 || (n != 1 && ((*x)->rank() < 2 || n != (*x)->size[1])))
    return unsupported("slopes of " + a.name, std::to_string(n), "one or one per channel");
  const bool inner = n != 1 && (*x)->rank() >= 3;
  const auto in = inner ? e.held(**x, true) : e.held_as_is(**x), slopes = e.held(*w, false);
  if (!in) return in.error();
  if (!slopes) return slopes.error();
  const tensor_id to = e.make(scalar::f32);
  if (auto s = e.emit(ops::prelu, {*in, *slopes}, to); !s) return s.error();
  return e.wrap(to, scalar::f32, inner || (!(*x)->constant() && (*x)->channels_inner),
                suggests_channels_last(**x));
}
/// Whole numbers to a power that is one: a product, which wraps as PyTorch's does.
inline result<value> whole_power(emitter& e, arguments& a, const given_operand& of,
                                 const given_operand& by) {
  if (!of.t || by.t || !is_whole(*of.t) || !(by.number >= 0 && by.number <= 16))
    return unsupported("powers of whole numbers in " + a.name, {},
                       "int64 or int32 to a number from 0 to 16");
  value v = value_of(*number_of(e, 1, of.type));
  for (int k = 0; k < static_cast<int>(by.number); ++k) {
    const auto next = emit_pair(e, ops::mul, {of.t, v.t}, of.type);
    if (!next) return next;
    v = *next;
  }
  if (by.number != 0) return v;
  const auto none = emit_pair(e, ops::mul, {of.t, number_of(e, 0, of.type)}, of.type);
  if (!none) return none;
  return emit_pair(e, ops::add, {none->t, v.t}, of.type);
}
/// x to a power: products and roots where PyTorch has them, else its power function, of which
/// octet's is not the last bit.
inline result<value> pow(emitter& e, arguments& a) {
  const given_operand of = operand_given(e, a, "self"), by = operand_given(e, a, "exponent");
  if (auto s = a.check(); !s) return s.error();
  if (promoted_type(of, by) != scalar::f32) return whole_power(e, a, of, by);
  const auto power = [&]() -> result<value> {
    const auto both = pair_of(e, a, "self", "exponent", true);
    if (!both) return both.error();
    return emit_pair(e, ops::pow, *both, scalar::f32);
  };
  if (by.t || !of.t) return power();
  const step x = real_argument(e, a, "self");
  if (!x) return x.error();
  const double p = by.number;
  if (p == 1) return done(x);
  if (p == 2) return done(apply(e, ops::mul, x, x));
  if (p == 3) return done(apply(e, ops::mul, apply(e, ops::mul, x, x), x));
  if (p == 0.5) return done(apply(e, ops::sqrt, x));
  if (p == -0.5) return done(apply(e, ops::div, number(e, 1), apply(e, ops::sqrt, x)));
  if (p == -1) return done(apply(e, ops::div, number(e, 1), x));
  if (p == -2) return done(apply(e, ops::div, number(e, 1), apply(e, ops::mul, x, x)));
  return power();
}
/// clamp_min(x, low), clamp_max(x, high).
template <bool Least> result<value> clamp_one(emitter& e, arguments& a) {
  constexpr std::string_view name = Least ? "min" : "max";
  const value bound = a[name];
  if (bound.is(kind::tensor) && !(bound.t->rank() == 0 && e.c.known(*bound.t)))
    return Least ? extreme_of<ops::maximum>(e, a, name) : extreme_of<ops::minimum>(e, a, name);
  arguments both(
      e.c, a.name,
      {{"self", a["self"]}, {"min", Least ? bound : value{}}, {"max", Least ? value{} : bound}});
  return clamp(e, both);
}

// ---- sums ----

inline step summed(emitter& e, const step& x, const std::vector<std::int64_t>& axes, bool keep) {
  if (!x) return x;
  return step_of(reduced(e, **x, ops::sum, axes, keep));
}
/// sum(x), sum(x, dims, keepdim, dtype): dim may be the dtype.
inline result<value> float_sum(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const bool keep = a.boolean("keepdim");
  if (auto s = a.check(); !s) return s.error();
  const auto axes = axes_or_all(a, "dim", *x);
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_of_sum(a, *x);
  if (!type) return type.error();
  const auto from = cast_to(e, *x, *type);
  if (!from) return from;
  return reduced(e, *from->t, ops::sum, axes, keep);
}
/// Number of elements that the axes hold.
inline double extent_of(const tensor_data& x, const std::vector<std::int64_t>& axes) {
  double n = 1;
  for (std::int64_t a : axes)
    if (x.rank() > 0) n = numerics::mul(n, static_cast<double>(x.size[as_size(a)]));
  return n;
}
inline step mean_of(emitter& e, const step& x, const std::vector<std::int64_t>& axes) {
  const step s = summed(e, x, axes, true);
  if (!s) return s;
  return apply(e, ops::div, s, number(e, extent_of(**x, axes)));
}
/// _weight_norm(v, g, dim): v * (g / its norms over the other axes).
inline result<value> weight_norm(emitter& e, arguments& a) {
  const step v = real_argument(e, a, "v"), g = real_argument(e, a, "g");
  const std::int64_t dim = a.integer("dim");
  if (!v) return v.error();
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, (*v)->rank());
  if (auto s = a.check(); !s) return s.error();
  std::vector<std::int64_t> axes;
  for (int i = 0; i < (*v)->rank(); ++i)
    if (as_size(i) != axis) axes.push_back(i);
  const step norms = apply(e, ops::sqrt, summed(e, apply(e, ops::mul, v, v), axes, true));
  return done(apply(e, ops::mul, v, apply(e, ops::div, g, norms)));
}
/// std and var, and the mean: (x, unbiased), (x, dims, unbiased, keepdim), (x, dims, correction=,
/// keepdim=).
inline result<std::array<value, 2>> deviation_and_mean_of(emitter& e, arguments& a, bool root) {
  tensor_data* x = a.tensor("self");
  const value dim = a["dim"];
  const bool keep = a.boolean("keepdim"), whole = dim.is(kind::boolean);
  variance_attrs v;
  v.correction = (whole ? dim.b : a.boolean("unbiased")) ? 1 : 0;
  v.root = root;
  if (!a.none("correction")) v.correction = a.real("correction");
  if (auto s = a.check(); !s) return s.error();
  std::vector<std::int64_t> axes;
  if (whole)
    for (int i = 0; i < x->rank(); ++i) axes.push_back(i);
  else
    axes = axes_or_all(a, "dim", *x);
  if (auto s = a.check(); !s) return s.error();
  step real = real_value(e, *x);
  if (real && (*real)->rank() == 0) real = step_of(reshaped(e, **real, {1})), axes = {0};
  if (!real) return real.error();
  const auto in = e.held_as_is(**real);
  if (!in) return in.error();
  const bool inner = !(*real)->constant() && (*real)->channels_inner;
  attributes attrs = to_attributes(v);
  attrs.set("axes", axes_in_layout(**real, axes, inner));
  attrs.set("keep_dims", std::int64_t{1});
  const tensor_id to[] = {e.make(scalar::f32), e.make(scalar::f32)};
  if (auto s = e.c.build.emit(ops::variance, {*in}, {to[0], to[1]}, std::move(attrs)); !s)
    return s.error();
  std::vector<std::int64_t> left;
  for (int i = 0; i < x->rank(); ++i)
    if (std::find(axes.begin(), axes.end(), i) == axes.end()) left.push_back(x->size[as_size(i)]);
  std::array<value, 2> both;
  for (std::size_t k = 0; k < 2; ++k) {
    both[k] = e.wrap(to[k], scalar::f32, inner, false);
    if (keep && x->rank() > 0) continue;
    const auto line = reshaped(e, *both[k].t, left);
    if (!line) return line.error();
    both[k] = *line;
  }
  return both;
}
template <bool Root> result<value> deviation(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const auto both = deviation_and_mean_of(e, a, Root);
  if (!both) return both.error();
  return as_given(e, *x, (*both)[0].t);
}
/// std_mean and var_mean.
template <bool Root> result<value> deviation_and_mean(emitter& e, arguments& a) {
  const auto both = deviation_and_mean_of(e, a, Root);
  if (!both) return both.error();
  return e.c.values.list({(*both)[0], (*both)[1]}, kind::tuple);
}
/// Sum over axes, one element after another.
inline step sum_in_order(emitter& e, const step& x, const std::vector<std::int64_t>& axes,
                         bool keep) {
  if (!x) return x;
  attributes in_order;
  in_order.set("in_order", std::int64_t{1});
  return step_of(reduced(e, **x, ops::sum, axes, keep, std::move(in_order)));
}
/// Sum of squares over axes, one element after another.
inline step sum_of_squares(emitter& e, const step& x, const std::vector<std::int64_t>& axes,
                           bool keep) {
  return sum_in_order(e, apply(e, ops::mul, x, x), axes, keep);
}
/// Whether the axes, of which any is longer than 1, are a run of memory without gaps.
inline bool innermost_in_memory(const tensor_data& x, std::vector<std::int64_t> axes) {
  std::erase_if(axes, [&](std::int64_t i) { return x.size[as_size(i)] == 1; });
  std::sort(axes.begin(), axes.end(), [&](std::int64_t i, std::int64_t j) {
    return x.stride[as_size(i)] < x.stride[as_size(j)];
  });
  std::int64_t next = 1;
  for (const std::int64_t i : axes) {
    if (x.stride[as_size(i)] != next) return false;
    next *= x.size[as_size(i)];
  }
  return !axes.empty() && x.elements() > 0;
}
/// The sum of the squares of each row of [rows, n], as PyTorch's norm has it: 8 lanes side by side,
/// added one after another; of what is left over four squares as they are, the others fused.
inline step squares_of_rows(emitter& e, tensor_data& rows) {
  const std::int64_t n = rows.size[1], whole = n / 8 * 8, four = (n - whole) / 4 * 4;
  const step squares = apply(e, ops::mul, &rows, &rows);
  if (!squares) return squares;
  std::vector<value> parts;
  if (whole > 0) {
    auto lanes = sliced(e, **squares, 1, 0, whole);
    if (lanes) lanes = reshaped(e, *lanes->t, {rows.size[0], whole / 8, 8});
    const auto sums = done(sum_in_order(e, step_of(lanes), {1}, false));
    if (!sums) return sums.error();
    parts.push_back(*sums);
  }
  if (four > 0) {
    const auto left = sliced(e, **squares, 1, whole, four);
    if (!left) return left.error();
    parts.push_back(*left);
  }
  step sum = number(e, 0);
  if (!parts.empty()) {
    arguments side_by_side(
        e.c, "aten::norm",
        {{"tensors", e.c.values.list(std::move(parts))}, {"dim", value::of(std::int64_t{1})}});
    sum = sum_in_order(e, step_of(cat<false, false>(e, side_by_side)), {1}, true);
  }
  for (std::int64_t i = whole + four; i < n; ++i) {
    const step one = step_of(sliced(e, rows, 1, i, 1));
    sum = fused(e, sum, one, one);
  }
  return sum;
}
/// Sums of squares over axes that are the innermost run of memory.
inline step squares_of_runs(emitter& e, tensor_data& x, const std::vector<std::int64_t>& axes,
                            bool keep) {
  std::vector<std::int64_t> order, inner = axes, size;
  for (std::int64_t i = 0; i < x.rank(); ++i) {
    const bool left = std::find(axes.begin(), axes.end(), i) == axes.end();
    if (left) order.push_back(i);
    if (left || keep) size.push_back(left ? x.size[as_size(i)] : 1);
  }
  std::stable_sort(inner.begin(), inner.end(), [&](std::int64_t i, std::int64_t j) {
    return x.stride[as_size(i)] > x.stride[as_size(j)];
  });
  std::int64_t n = 1;
  for (const std::int64_t i : inner) order.push_back(i), n *= x.size[as_size(i)];
  auto rows = permuted(e, x, order);
  if (rows) rows = reshaped(e, *rows->t, {x.elements() / n, n});
  if (!rows) return rows.error();
  const step sums = squares_of_rows(e, *rows->t);
  if (!sums) return sums;
  return step_of(reshaped(e, **sums, std::move(size)));
}
inline step power_of(emitter& e, const step& x, double p) {
  return apply(e, ops::pow, x, number(e, p));
}
/// The norm of an order: infinite ones are the extremes, 0 counts what is not 0.
inline result<value> norm_of_order(emitter& e, arguments& a, std::string_view order) {
  const step x = real_argument(e, a, "self");
  const double p = a.real_or(order, 2);
  const bool keep = a.boolean("keepdim");
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  const auto axes = axes_or_all(a, "dim", **x);
  if (auto s = a.check(); !s) return s.error();
  if (p == 2)
    return done(apply(e, ops::sqrt,
                      innermost_in_memory(**x, axes) ? squares_of_runs(e, **x, axes, keep)
                                                     : sum_of_squares(e, x, axes, keep)));
  const step size = apply(e, ops::abs, x);
  if (!size) return size.error();
  if (p == 1) return done(sum_in_order(e, size, axes, keep));
  if (p == infinity) return reduced(e, **size, ops::reduce_max, axes, keep);
  if (p == -infinity) return reduced(e, **size, ops::reduce_min, axes, keep);
  if (p != 0)  // the last bits are not PyTorch's, as those of pow
    return done(power_of(e, summed(e, power_of(e, size, p), axes, keep), numerics::div(1., p)));
  const auto is = emit_pair(e, ops::not_equal, {*size, *number(e, 0)}, scalar::boolean);
  if (!is) return is;
  return done(summed(e, real_value(e, *is->t), axes, keep));
}
/// norm(x, p, dims, keepdim), linalg_vector_norm(x, ord, dims, keepdim).
inline result<value> norm(emitter& e, arguments& a) { return norm_of_order(e, a, "p"); }
inline result<value> vector_norm(emitter& e, arguments& a) { return norm_of_order(e, a, "ord"); }

// ---- normalizations ----

/// Weight or bias of a normalization: a float tensor, or none.
inline result<tensor_data*> factor_argument(emitter& e, arguments& a, std::string_view parameter) {
  if (a.none(parameter)) return nullptr;
  return real_argument(e, a, parameter);
}
/// y * weight + bias, both of that shape or absent.
inline step scaled_and_shifted(emitter& e, step y, tensor_data* weight, tensor_data* bias,
                               const std::vector<std::int64_t>& shape) {
  for (tensor_data* t : {weight, bias}) {
    if (!t || !y) continue;
    const step factors = step_of(reshaped(e, *t, shape));
    y = apply(e, t == weight ? ops::mul : ops::add, y, factors);
  }
  return y;
}
/// Rows of the innermost axes, or groups of channels, to mean 0 and variance 1, times weight and
/// plus bias where given.
inline step normalized_rows(emitter& e, const step& x, tensor_data* weight, tensor_data* bias,
                            const layer_norm_attrs& how) {
  if (!x) return x;
  const auto in = e.held(**x, false);
  if (!in) return in.error();
  std::vector<tensor_id> operands{*in};
  for (tensor_data* t : {weight, bias}) {
    if (!t) {
      operands.push_back(no_tensor);
      continue;
    }
    const auto factors = e.held(*t, false);
    if (!factors) return factors.error();
    operands.push_back(*factors);
  }
  while (operands.back() == no_tensor) operands.pop_back();
  const tensor_id to = e.make(scalar::f32);
  if (auto s = e.emit(ops::float_layer_norm, std::move(operands), to, to_attributes(how)); !s)
    return s.error();
  return e.wrap(to, scalar::f32, false, false).t;
}
/// layer_norm(x, shape, weight, bias, eps).
inline result<value> float_layer_norm(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "input");
  const auto shape = a.integers("normalized_shape");
  const double eps = a.real("eps");
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  const auto w = factor_argument(e, a, "weight"), b = factor_argument(e, a, "bias");
  if (!w) return w.error();
  if (!b) return b.error();
  if (shape.empty() || shape.size() > (*x)->size.size() ||
      !std::equal(shape.rbegin(), shape.rend(), (*x)->size.rbegin()))
    return invalid("normalized shape of " + a.name);
  layer_norm_attrs how;
  how.axes = static_cast<std::int32_t>(shape.size()), how.epsilon = eps;
  return done(normalized_rows(e, x, *w, *b, how));
}
/// group_norm(x, groups, weight, bias, eps).
inline result<value> float_group_norm(emitter& e, arguments& a) {
  layer_norm_attrs g;
  g.groups = a.small("num_groups", a.integer("num_groups")), g.epsilon = a.real("eps");
  const step x = real_argument(e, a, "input");
  const auto w = factor_argument(e, a, "weight"), b = factor_argument(e, a, "bias");
  if (!w) return w.error();
  if (!b) return b.error();
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  if ((*x)->rank() < 2 || g.groups < 1 || (*x)->size[1] % g.groups != 0)
    return invalid("groups of " + a.name, std::to_string(g.groups));
  g.channels_last = suggests_channels_last(**x);
  const step y = normalized_rows(e, x, *w, *b, g);
  if (!y || !g.channels_last) return done(y);
  return with_strides(e, value_of(**y), channels_last_strides((*x)->size));
}
/// x * factor + offset of each channel, the last axis of `in`, rounded once: a depthwise
/// convolution of one tap.
inline result<tensor_id> scaled_channels(emitter& e, tensor_id in, const std::vector<float>& factor,
                                         const std::vector<float>& offset) {
  const dims shape = e.g[in].shape;
  const std::int64_t c = shape.back(0);
  std::vector<std::int64_t> image{1, 1, 0, c}, weights{1, 1, 1, c};
  image[2] = static_cast<std::int64_t>(shape.elements().value) / std::max<std::int64_t>(c, 1);
  const auto pixels = reshaped_like(e, in, image);
  if (!pixels) return pixels;
  const auto w = reshaped_like(e, e.constant_of(factor), weights);
  if (!w) return w;
  const tensor_id y = e.make(scalar::f32);
  if (auto s = e.emit(ops::float_depthwise_conv2d, {*pixels, *w, e.constant_of(offset)}, y); !s)
    return s.error();
  return reshaped_like(e, y, {shape.begin(), shape.end()});
}
/// batch_norm(x, weight, bias, mean, var, training, momentum, eps): a factor and an offset for each
/// channel, fma(x, factor, offset), factor = f32(w / sqrt(var + eps)), offset = fma(-mean, factor,
/// b).
inline result<value> float_batch_norm(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "input");
  const bool training = a.boolean("training");
  const auto eps = static_cast<float>(a.real("eps"));
  a.tensor("running_mean"), a.tensor("running_var");
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  if (training)
    return unsupported("batch_norm in training mode", {}, "a model saved after model.eval()");
  if ((*x)->rank() < 2) return invalid("rank of the input of " + a.name);
  const auto n = as_size((*x)->size[1]);
  const auto w = channel_factors(e, a, "weight", n, 1.f), b = channel_factors(e, a, "bias", n, 0.f),
             m = channel_factors(e, a, "running_mean", n, 0.f),
             v = channel_factors(e, a, "running_var", n, 1.f);
  for (const auto* factors : {&w, &b, &m, &v})
    if (!*factors) return factors->error();
  std::vector<float> alpha(n), beta(n);
  for (std::size_t i = 0; i < n; ++i) {
    alpha[i] =
        numerics::mul((*w)[i], numerics::div(1.f, numerics::sqrt_f32(numerics::add((*v)[i], eps))));
    beta[i] = numerics::fma(-(*m)[i], alpha[i], (*b)[i]);
  }
  const bool inner = (*x)->rank() >= 3;
  const auto in = e.held(**x, inner);
  if (!in) return in.error();
  const auto y = scaled_channels(e, *in, alpha, beta);
  if (!y) return y.error();
  return e.wrap(*y, scalar::f32, inner, suggests_channels_last(**x));
}
/// instance_norm(x, weight, bias, mean, var, use_input_stats, momentum, eps).
inline result<value> float_instance_norm(emitter& e, arguments& a) {
  if (!a.boolean("use_input_stats")) {
    arguments as(e.c, a.name,
                 {{"input", a["input"]},
                  {"weight", a["weight"]},
                  {"bias", a["bias"]},
                  {"running_mean", a["running_mean"]},
                  {"running_var", a["running_var"]},
                  {"training", value::of(false)},
                  {"eps", a["eps"]}});
    return float_batch_norm(e, as);
  }
  const double eps = a.real("eps");
  const step x = real_argument(e, a, "input");
  if (!x) return x.error();
  if ((*x)->rank() < 2) return invalid("rank of the input of " + a.name);
  const auto w = factor_argument(e, a, "weight"), b = factor_argument(e, a, "bias");
  if (!w) return w.error();
  if (!b) return b.error();
  layer_norm_attrs g;
  g.groups = a.small("channels", (*x)->size[1]), g.epsilon = eps, g.wide = true;
  if (auto s = a.check(); !s) return s.error();
  if (g.groups < 1) return invalid("channels of " + a.name, "0");
  return as_contiguous(e, done(normalized_rows(e, x, *w, *b, g)));
}

// ---- layers with weights ----

/// Of a convolution of the image `in`, NHWC: whether its bias joins behind all products.
inline bool adds_bias_last(emitter& e, tensor_id in, const packed_data& p) {
  bool steps = false;
  for (const auto* list : {&p.stride, &p.dilation})
    for (const std::int64_t v : *list) steps |= v != 1;
  const auto extent = [&](std::size_t back) {
    return saturated(p.weight->size[p.weight->size.size() - 1 - back]);
  };
  return laws::convolves_by_product(e.g[in].shape, p.spatial == 1 ? 1 : extent(1), extent(0),
                                    saturated(p.groups), steps);
}
/// conv_weights of weights that a program computes of constants: the nodes are folded.
inline result<tensor_id> computed_weights(emitter& e, const packed_data& p, bool depthwise) {
  tensor_data& w = *e.c.values.tensor(*p.weight).t;
  const auto in = e.held(w, false);
  if (!in) return in;
  std::vector<std::int64_t> size = w.size, order{0, 2, 3, 1};
  if (size.size() == 3) size.insert(size.begin() + 2, 1);
  if (depthwise) order = {1, 2, 3, 0};
  std::vector<std::int64_t> shape;
  if (p.transposed) {  // as conv_weights
    size.insert(size.begin(), p.groups);
    size[1] /= p.groups;
    order = {0, 2, 3, 4, 1}, shape = {p.groups * size[2], size[3], size[4], size[1]};
  } else {
    for (const std::int64_t i : order) shape.push_back(size[as_size(i)]);
  }
  const auto axes = reshaped_like(e, *in, size);
  if (!axes) return axes;
  const tensor_id turned = e.make(scalar::f32);
  if (auto s = e.transpose(*axes, turned, std::move(order)); !s) return s.error();
  return reshaped_like(e, turned, std::move(shape));
}
inline result<value> groups_side_by_side(emitter& e, arguments& a, tensor_data& x,
                                         const packed_data& p);
inline result<value> volume_convolution(emitter& e, arguments& a, tensor_data& x, packed_data p);
inline result<value> transposed_volume(emitter& e, arguments& a, tensor_data& x, packed_data p);
/// A float32 convolution; parameters as quantized ones have them.
inline bool dilates(const packed_data& p) {
  return std::any_of(p.dilation.begin(), p.dilation.end(), [](std::int64_t d) { return d > 1; });
}
// Copies of weights and biases below are the heap's: constants of the graph are found by the
// address of what they were made of.
inline result<value> dilated_transposed(emitter& e, arguments& a, tensor_data& x, packed_data p);
inline result<value> float_convolution(emitter& e, arguments& a, tensor_data& x, packed_data p) {
  if (p.weight->type != scalar::f32 || !e.c.known(*p.weight))
    return unsupported("weights of " + a.name,
                       e.c.known(*p.weight) ? std::string(name_of(p.weight->type)) : "computed",
                       "float32, known when the file is loaded");
  if (p.transposed && dilates(p)) return dilated_transposed(e, a, x, std::move(p));
  if (x.rank() == 5)
    return p.transposed ? transposed_volume(e, a, x, std::move(p))
                        : volume_convolution(e, a, x, std::move(p));
  const int spatial = x.rank() - 2;
  if (spatial != 1 && spatial != 2)
    return unsupported("input of " + a.name, std::to_string(x.rank()) + " axes", "3, 4");
  p.spatial = spatial;
  for (auto* list : {&p.stride, &p.padding, &p.dilation, &p.output_padding})
    if (list->size() == 1) list->resize(as_size(spatial), list->front());
  if (p.transposed && p.output_padding.empty()) p.output_padding.assign(as_size(spatial), 0);
  if (auto valid = checked(e.c.values, p); !valid) return valid.error();
  if (p.transposed && p.groups > 1 && x.size[1] == p.weight->size[0])
    return groups_side_by_side(e, a, x, p);
  const bool one_row = spatial == 1;
  auto in = e.held(x, true);
  if (in && one_row) {
    const dims s = e.g[*in].shape;
    in = reshaped_like(e, *in, {s[0], 1, s[1], s[2]});
  }
  if (!in) return in.error();
  const auto channels = channels_of(a, x, p);
  if (!channels) return channels.error();
  const auto w = p.weight->constant() ? conv_weights(e, p, channels->depthwise)
                                      : computed_weights(e, p, channels->depthwise);
  if (!w) return w.error();
  std::vector<tensor_id> operands{*in, *w};
  const bool bias_last = p.bias && !p.transposed && adds_bias_last(e, *in, p);
  tensor_id bias = no_tensor;
  if (p.bias) {
    const auto b = e.c.numbers<float>(*p.bias);
    if (!b) return b.error();
    bias = e.constant_of(*b);
    if (!bias_last) operands.push_back(bias);
  }
  tensor_id y = e.make(scalar::f32);
  if (auto s = e.emit(p.transposed          ? ops::float_transpose_conv2d
                      : channels->depthwise ? ops::float_depthwise_conv2d
                                            : ops::float_conv2d,
                      std::move(operands), y, conv_attributes(p, one_row, channels->depthwise));
      !s)
    return s.error();
  if (bias_last) {
    const tensor_id sums = y;
    y = e.make(scalar::f32);
    if (auto s = e.emit(ops::add, {sums, bias}, y); !s) return s.error();
  }
  if (one_row) {
    const dims s = e.g[y].shape;
    const auto line = reshaped_like(e, y, {s[0], s[2], s[3]});
    if (!line) return line.error();
    y = *line;
  }
  return e.wrap(y, scalar::f32, true, suggests_channels_last(x));
}
/// A transposed convolution whose taps stand apart: zeros between them.
inline result<value> dilated_transposed(emitter& e, arguments& a, tensor_data& x, packed_data p) {
  tensor_data& all = *e.c.values.tensor(*p.weight).t;
  value w = value_of(all);
  for (std::size_t k = 0; k + 2 < all.size.size(); ++k) {
    const std::size_t axis = 2 + k, last = all.size.size() - 1 - axis;
    const std::int64_t by = p.dilation.size() == 1  ? p.dilation[0]
                            : k < p.dilation.size() ? p.dilation[k]
                                                    : 1;
    const std::int64_t taps = all.size[axis];
    if (by <= 1 || taps <= 1) continue;
    if (by > static_cast<std::int64_t>(most_made) / taps) return too_large("dilation of " + a.name);
    std::vector<std::int64_t> amounts(2 * last + 2), index;
    amounts.back() = 1;  // a zero behind
    for (std::int64_t t = 0; t <= (taps - 1) * by; ++t)
      index.push_back(t % by == 0 ? t / by : taps);
    if (auto s = e.c.build.work.spend(sizeof(std::int64_t) * index.size()); !s) return s.error();
    auto apart = padded(e, a, *w.t, amounts, "constant", 0);
    if (apart) apart = picked(e, *apart->t, axis, index);
    if (!apart) return apart;
    w = *apart;
  }
  p.dilation.assign(1, 1);
  p.weight = w.t;
  return float_convolution(e, a, x, std::move(p));
}
/// A transposed convolution of groups: each group's channels by themselves, side by side.
inline result<value> groups_side_by_side(emitter& e, arguments& a, tensor_data& x,
                                         const packed_data& p) {
  const std::int64_t in = p.weight->size[0] / p.groups, out = p.weight->size[1];
  tensor_data& w = *e.c.values.tensor(*p.weight).t;
  std::vector<value> parts;
  for (std::int64_t k = 0; k < p.groups; ++k) {
    packed_data one = p;
    one.groups = 1;
    const auto channels = sliced(e, x, 1, k * in, in), weight = sliced(e, w, 0, k * in, in);
    if (!channels) return channels;
    if (!weight) return weight;
    one.weight = weight->t;
    if (p.bias) {
      tensor_data& b = *e.c.values.tensor(*p.bias).t;
      const auto bias = sliced(e, b, 0, k * out, out);
      if (!bias) return bias;
      one.bias = bias->t;
    }
    const auto y = float_convolution(e, a, *channels->t, std::move(one));
    if (!y) return y;
    parts.push_back(*y);
  }
  arguments all(
      e.c, a.name,
      {{"tensors", e.c.values.list(std::move(parts))}, {"dim", value::of(std::int64_t{1})}});
  return cat<false, false>(e, all);
}
/// A convolution of volumes: for each plane of the window one of images, of which those that it
/// covers are beside each other in the axis of images; their results are added.
inline result<value> volume_convolution(emitter& e, arguments& a, tensor_data& x, packed_data p) {
  for (auto* list : {&p.stride, &p.padding, &p.dilation})
    if (list->size() == 1) list->resize(3, list->front());
  const tensor_data& w = *p.weight;
  if (w.rank() != 5 || p.stride.size() != 3 || p.padding.size() != 3 || p.dilation.size() != 3 ||
      p.stride[0] < 1 || p.dilation[0] < 1 || p.padding[0] < 0 ||
      std::max(p.dilation[0], p.padding[0]) > INT32_MAX)
    return invalid("window of " + a.name);
  const auto deep = padded(e, a, x, {0, 0, 0, 0, p.padding[0], p.padding[0]}, "constant", 0);
  if (!deep) return deep;
  const std::int64_t reach = p.dilation[0] * (w.size[2] - 1) + 1, room = deep->t->size[2] - reach;
  if (room < 0 || room > INT32_MAX) return invalid("window of " + a.name);
  const std::int64_t planes = room / p.stride[0] + 1;
  packed_data image = p;
  image.bias = nullptr;
  for (auto* list : {&image.stride, &image.padding, &image.dilation}) list->erase(list->begin());
  image.output_padding.clear();
  step sum = number(e, 0);
  value y;
  for (std::int64_t k = 0; k < w.size[2]; ++k) {
    std::vector<std::int64_t> at;
    for (std::int64_t o = 0; o < planes; ++o) at.push_back(k * p.dilation[0] + o * p.stride[0]);
    tensor_data& all = *e.c.values.tensor(w).t;
    auto weight = sliced(e, all, 2, k, 1);
    if (weight) weight = reshaped(e, *weight->t, {w.size[0], w.size[1], w.size[3], w.size[4]});
    auto images = picked(e, *deep->t, 2, at);
    if (images) images = permuted(e, *images->t, {0, 2, 1, 3, 4});
    if (images) images = reshaped(e, *images->t, {-1, x.size[1], x.size[3], x.size[4]});
    if (!weight) return weight;
    if (!images) return images;
    image.weight = weight->t;
    const auto one = float_convolution(e, a, *images->t, image);
    if (!one) return one;
    sum = k == 0 ? step_of(one) : apply(e, ops::add, sum, step_of(one));
    y = *one;
  }
  if (!sum) return sum.error();
  const auto apart =
      reshaped(e, **sum, {x.size[0], planes, y.t->size[1], y.t->size[2], y.t->size[3]});
  if (!apart) return apart;
  auto volumes = permuted(e, *apart->t, {0, 2, 1, 3, 4});
  if (volumes && p.bias) {
    tensor_data& b = *e.c.values.tensor(*p.bias).t;
    const step bias = step_of(reshaped(e, b, {p.bias->elements(), 1, 1, 1}));
    volumes = done(apply(e, ops::add, step_of(volumes), bias));
  }
  if (!volumes || !suggests_channels_last(x)) return as_contiguous(e, volumes);
  return with_strides(e, *volumes, channels_last_strides(volumes->t->size));
}
/// A transposed convolution of volumes as one of images whose channels are those under all taps of
/// the depth.
inline result<value> transposed_volume(emitter& e, arguments& a, tensor_data& x, packed_data p) {
  p.spatial = 3;
  for (auto* list : {&p.stride, &p.padding, &p.dilation, &p.output_padding})
    if (list->size() <= 1) list->resize(3, list->empty() ? 0 : list->front());
  if (auto valid = checked(e.c.values, p); !valid) return valid;
  if (const auto channels = channels_of(a, x, p); !channels) return channels.error();
  if (p.groups > 1) return groups_side_by_side(e, a, x, p);
  const auto images = images_to_transpose(e, a, x, p);
  if (!images) return images.error();
  std::vector<tensor_id> operands{images->images, images->weights};
  if (p.bias) {
    const auto b = e.c.numbers<float>(*p.bias);
    if (!b) return b.error();
    operands.push_back(e.constant_of(*b));
  }
  const tensor_id y = e.make(scalar::f32);
  if (auto s = e.emit(ops::float_transpose_conv2d, std::move(operands), y,
                      conv_attributes(images->image, false, false));
      !s)
    return s.error();
  return volume_of_images(e, x, y, images->depth);
}
/// Weight and bias.
inline result<packed_data> weights_of(emitter& e, arguments& a) {
  packed_data p;
  p.weight = a.tensor("weight");
  if (!a.none("bias")) p.bias = a.tensor("bias");
  if (auto s = a.check(); !s) return s.error();
  static_cast<void>(e);
  return p;
}
/// _convolution and convolution: (x, weight, bias, stride, padding, dilation, transposed,
/// output_padding, groups, ..).
inline result<value> any_convolution(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "input");
  if (!x) return x.error();
  auto p = weights_of(e, a);
  if (!p) return p.error();
  p->stride = a.integers("stride"), p->padding = a.integers("padding");
  p->dilation = a.integers("dilation");
  p->transposed = a.boolean("transposed");
  p->output_padding = a.integers("output_padding");
  p->groups = a.integer("groups");
  if (auto s = a.check(); !s) return s.error();
  return float_convolution(e, a, **x, std::move(*p));
}
/// conv1d, conv2d: (x, weight, bias, stride, padding, dilation, groups); padding may be "same" or
/// "valid". What "same" adds beyond an even number goes to the end.
inline result<value> plain_convolution(emitter& e, arguments& a) {
  step x = real_argument(e, a, "input");
  if (!x) return x.error();
  auto p = weights_of(e, a);
  if (!p) return p.error();
  const auto spatial = as_size(std::max((*x)->rank() - 2, 0));
  p->stride = a.integers("stride"), p->dilation = a.integers("dilation");
  p->groups = a.integer("groups");
  if (const value padding = a["padding"]; padding.is(kind::string)) {
    p->padding.assign(spatial, 0);
    if (padding.c->text == "same") {
      p->dilation.resize(spatial, p->dilation.empty() ? 1 : p->dilation.front());
      std::vector<std::int64_t> amounts;
      for (std::size_t k = spatial; k-- > 0;) {
        const std::int64_t reach = as_size(p->weight->rank()) == spatial + 2
                                       ? (p->weight->size[2 + k] - 1) * p->dilation[k]
                                       : 0;
        p->padding[k] = reach / 2;
        amounts.push_back(0), amounts.push_back(reach % 2);
      }
      if (std::any_of(amounts.begin(), amounts.end(), [](std::int64_t v) { return v != 0; })) {
        x = step_of(padded(e, a, **x, amounts, "constant", 0));
        if (!x) return x.error();
      }
    }
  } else {
    p->padding = a.integers("padding");
  }
  if (auto s = a.check(); !s) return s.error();
  return float_convolution(e, a, **x, std::move(*p));
}
/// conv_transpose1d, conv_transpose2d, conv_transpose3d: (x, weight, bias, stride, padding,
/// output_padding, groups, dilation).
inline result<value> plain_transposed(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "input");
  if (!x) return x.error();
  auto p = weights_of(e, a);
  if (!p) return p.error();
  p->transposed = true;
  p->stride = a.integers("stride"), p->padding = a.integers("padding");
  p->output_padding = a.integers("output_padding");
  p->groups = a.integer("groups"), p->dilation = a.integers("dilation");
  if (auto s = a.check(); !s) return s.error();
  return float_convolution(e, a, **x, std::move(*p));
}
/// x times weights [out, in], and a bias where there is one.
inline result<value> dense(emitter& e, tensor_data& x, tensor_id weights, tensor_id bias) {
  const auto in = e.held(x, false);
  if (!in) return in.error();
  const tensor_id y = e.make(scalar::f32);
  std::vector<tensor_id> operands{*in, weights};
  if (bias != no_tensor) operands.push_back(bias);
  if (auto s = e.emit(ops::float_fully_connected, std::move(operands), y, linear_attributes(x)); !s)
    return s.error();
  return e.wrap(y, scalar::f32, false, false);
}
inline step matrix_product(emitter& e, const step& x, const step& y);
inline step with_axes_swapped(emitter& e, const step& x) {
  if (!x) return x;
  std::vector<std::int64_t> order;
  for (int i = 0; i < (*x)->rank(); ++i) order.push_back(i);
  if (order.size() >= 2) std::swap(order[order.size() - 1], order[order.size() - 2]);
  return step_of(permuted(e, **x, order));
}
/// linear(x, weight, bias).
inline step linear_of(emitter& e, const step& x, tensor_data* w, tensor_data* b) {
  if (!x) return x;
  if (w->type != scalar::f32 || w->rank() != 2 || (*x)->rank() < 1 ||
      (*x)->size.back() != w->size[1])
    return invalid("weights or input of " + e.operator_name(),
                   std::string(name_of(w->type)) + ", " + std::to_string(w->rank()) + " axes");
  if (!e.c.known(*w)) {
    const step y = matrix_product(e, x, with_axes_swapped(e, w));
    return b ? apply(e, ops::add, y, b) : y;
  }
  const auto weights = e.held(*w, false);
  if (!weights) return weights.error();
  tensor_id bias = no_tensor;
  if (b) {
    const auto held = e.held(*b, false);
    if (!held) return held.error();
    bias = *held;
  }
  return step_of(dense(e, **x, *weights, bias));
}
inline result<value> float_linear(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "input");
  tensor_data* w = a.tensor("weight");
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  const auto b = factor_argument(e, a, "bias");
  if (!b) return b.error();
  return done(linear_of(e, x, w, *b));
}
/// The last two axes multiplied, those before them broadcast; vectors as matrices of one row or
/// column.
inline step matrix_product(emitter& e, const step& x, const step& y) {
  if (!x) return x;
  if (!y) return y;
  const bool row = (*x)->rank() == 1, column = (*y)->rank() == 1;
  if ((*x)->rank() < 1 || (*y)->rank() < 1)
    return invalid("rank of an operand of " + e.operator_name(), "0");
  step p = x, q = y;
  if (row) p = step_of(reshaped(e, **x, {1, (*x)->size[0]}));
  if (column) q = step_of(reshaped(e, **y, {(*y)->size[0], 1}));
  if (!p) return p;
  if (!q) return q;
  const auto left = e.held(**p, false), right = e.held(**q, false);
  if (!left) return left.error();
  if (!right) return right.error();
  const tensor_id to = e.make(scalar::f32);
  if (auto s = e.emit(ops::batch_matmul, {*left, *right}, to); !s) return s.error();
  const value v = e.wrap(to, scalar::f32, false, false);
  if (!row && !column) return v.t;
  auto size = v.t->size;
  if (column) size.pop_back();
  if (row) size.erase(size.end() - (column ? 1 : 2));
  return step_of(reshaped(e, *v.t, std::move(size)));
}
inline result<value> product_with(emitter& e, arguments& a, std::string_view other) {
  return done(matrix_product(e, real_argument(e, a, "self"), real_argument(e, a, other)));
}
inline result<value> matmul(emitter& e, arguments& a) { return product_with(e, a, "other"); }
/// mm and bmm.
inline result<value> mm(emitter& e, arguments& a) { return product_with(e, a, "mat2"); }
inline result<value> mv(emitter& e, arguments& a) { return product_with(e, a, "vec"); }
/// quantized::matmul: dequantized, multiplied, quantized.
inline result<value> quantized_matmul(emitter& e, arguments& a) {
  const tensor_data* x = a.tensor("qa");
  if (auto s = a.check(); !s) return s.error();
  const auto q = e.output(a, x->type, {"scale", "zero_point"});
  if (!q) return q.error();
  const step y = matrix_product(e, real_argument(e, a, "qa"), real_argument(e, a, "qb"));
  if (!y) return y.error();
  const auto in = e.held_as_is(**y);
  if (!in) return in.error();
  const tensor_id to = e.make(x->type, *q);
  if (auto s = e.emit(ops::quantize, {*in}, to); !s) return s.error();
  return e.wrap(to, x->type, false, false);
}
/// beta * x + alpha * (left @ right).
inline result<value> added_product(emitter& e, arguments& a, std::string_view left,
                                   std::string_view right) {
  const double beta = a.real("beta"), alpha = a.real("alpha");
  const step x = real_argument(e, a, "self");
  step y = matrix_product(e, real_argument(e, a, left), real_argument(e, a, right));
  if (alpha != 1) y = apply(e, ops::mul, y, number(e, alpha));
  if (beta == 0) return done(y);
  return done(apply(e, ops::add, y, beta == 1 ? x : apply(e, ops::mul, x, number(e, beta))));
}
inline result<value> addmm(emitter& e, arguments& a) { return added_product(e, a, "mat1", "mat2"); }
inline result<value> baddbmm(emitter& e, arguments& a) {
  return added_product(e, a, "batch1", "batch2");
}

// ---- attention ----

inline step softmax_over_rows(emitter& e, const step& x) {
  if (!x) return x;
  const auto in = e.held(**x, false);
  if (!in) return in.error();
  const tensor_id to = e.make(scalar::f32);
  attributes attrs;
  attrs.set("axis", std::int64_t{(*x)->rank() - 1});
  if (auto s = e.emit(ops::softmax, {*in}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, scalar::f32, false, false).t;
}
/// softmax(scale * q k^T + mask). A mask of bools keeps what is true.
inline step attention_weights(emitter& e, const step& q, const step& k, tensor_data* mask,
                              double scale, bool no_row_is_hidden = false) {
  step scores = matrix_product(e, apply(e, ops::mul, q, number(e, scale)), with_axes_swapped(e, k));
  if (scores && mask && mask->type == scalar::boolean)
    scores = step_of(chosen(e, *mask, **scores, *number_of(e, -infinity, scalar::f32)));
  else if (mask)
    scores = apply(e, ops::add, scores, real_value(e, *mask));
  const step y = softmax_over_rows(e, scores);
  if (!y || !mask || no_row_is_hidden) return y;
  // Where a mask hides all, PyTorch has 0.
  const step most = step_of(reduced(e, **scores, ops::reduce_max, {(*scores)->rank() - 1}, true));
  return where_same(e, most, number(e, -infinity), number(e, 0), y);
}
/// Keys or values of fewer heads than there are queries of: each stands for several.
inline step for_all_heads(emitter& e, const step& x, std::int64_t heads) {
  if (!x) return x;
  const std::size_t axis = (*x)->size.size() - 3;
  const std::int64_t own = (*x)->size.size() >= 3 ? (*x)->size[axis] : 0;
  if (own < 1 || heads % own != 0 || heads > 65536)
    return invalid("heads of " + e.operator_name(), std::to_string(own), std::to_string(heads));
  std::vector<std::int64_t> index;
  for (std::int64_t i = 0; i < heads; ++i) index.push_back(i / (heads / own));
  return own == heads ? x : step_of(picked(e, **x, axis, index));
}
/// scaled_dot_product_attention(q, k, v, mask, dropout, is_causal, scale, enable_gqa).
inline result<value> attention(emitter& e, arguments& a) {
  const step q = real_argument(e, a, "query");
  step k = real_argument(e, a, "key"), v = real_argument(e, a, "value");
  const bool causal = a.boolean("is_causal");
  if (!q) return q.error();
  if (!k) return k.error();
  if (auto s = a.check(); !s) return s.error();
  if ((*q)->rank() < 2 || (*k)->rank() < 2) return invalid("rank of an operand of " + a.name);
  const double scale =
      a.real_or("scale", numerics::div(1., numerics::sqrt(static_cast<double>((*q)->size.back()))));
  tensor_data* mask = nullptr;
  if (!a.none("attn_mask")) mask = a.tensor("attn_mask");
  if (a.boolean("enable_gqa")) {
    if ((*q)->rank() < 3) return invalid("rank of an operand of " + a.name);
    const std::int64_t heads = (*q)->size[(*q)->size.size() - 3];
    k = for_all_heads(e, k, heads), v = for_all_heads(e, v, heads);
  }
  if (auto s = a.check(); !s) return s.error();
  if (causal && mask) return invalid("a mask and is_causal of " + a.name);
  if (causal) {
    const std::int64_t rows = (*q)->size[(*q)->size.size() - 2],
                       columns = (*k)->size[(*k)->size.size() - 2];
    std::vector<double> allowed;
    if (rows * columns > static_cast<std::int64_t>(most_made))
      return too_large("mask of " + a.name);
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < columns; ++j) allowed.push_back(j <= i ? 1 : 0);
    const auto triangle = constant_tensor(e, allowed, {rows, columns}, scalar::boolean);
    if (!triangle) return triangle;
    mask = triangle->t;
  }
  return done(matrix_product(e, attention_weights(e, q, k, mask, scale, causal), v));
}
/// Weights and biases of a self-attention, and what it hides.
struct self_attention {
  std::int64_t width = 0, heads = 0;
  tensor_data *weight = nullptr, *bias = nullptr, *out_weight = nullptr, *out_bias = nullptr,
              *mask = nullptr;  // [N or 1, heads or 1, queries or 1, keys], true: hidden
};
/// Numbers of the kinds of masks that PyTorch's native layers take.
enum class mask_kind : std::int64_t { queries_by_keys = 0, keys_of_batch = 1, all = 2 };
/// A mask with all four axes; not bools: what is not 0 is hidden.
inline result<tensor_data*> hidden_by(emitter& e, arguments& a, const tensor_data& x) {
  if (a.none("mask")) return nullptr;
  tensor_data* mask = a.tensor("mask");
  const std::int64_t rows = x.size[0], length = x.size[1],
                     given = a.none("mask_type") ? -1 : a.integer("mask_type");
  if (auto s = a.check(); !s) return s.error();
  std::vector<std::int64_t> size = mask->size;
  if (given == static_cast<std::int64_t>(mask_kind::queries_by_keys) && mask->rank() == 2)
    size = {1, 1, length, length};
  else if (given == static_cast<std::int64_t>(mask_kind::keys_of_batch) && mask->rank() == 2)
    size = {rows, 1, 1, length};
  else if (given != static_cast<std::int64_t>(mask_kind::all) || mask->rank() != 4)
    return unsupported("a mask of " + a.name,
                       std::to_string(mask->rank()) + " axes, kind " + std::to_string(given),
                       "2 axes of kinds 0 and 1, 4 of kind 2");
  const auto wide = reshaped(e, *mask, std::move(size));
  if (!wide) return wide.error();
  if (wide->t->type == scalar::boolean) return wide->t;
  const auto hidden =
      emit_pair(e, ops::not_equal, {wide->t, number_of(e, 0, wide->t->type)}, scalar::boolean);
  return step_of(hidden);
}
/// Queries, keys or values of all heads: [N, heads, T, width / heads].
inline step heads_of(emitter& e, tensor_data& all, const self_attention& s, std::int64_t part) {
  const step piece = step_of(sliced(e, all, 2, part * s.width, s.width));
  if (!piece) return piece;
  const auto split = reshaped(e, **piece, {all.size[0], all.size[1], s.heads, s.width / s.heads});
  if (!split) return split.error();
  return step_of(permuted(e, *split->t, {0, 2, 1, 3}));
}
/// What attention gives, and its weights for each head.
struct attended {
  step y, weights;
};
inline attended attend(emitter& e, const step& x, const self_attention& s) {
  if (!x) return {x, x};
  if ((*x)->rank() != 3 || s.heads < 1 || s.width % s.heads != 0 || (*x)->size[2] != s.width) {
    const step bad = invalid("shape of the input of " + e.operator_name());
    return {bad, bad};
  }
  const step all = linear_of(e, x, s.weight, s.bias);
  if (!all) return {all, all};
  step shown = nullptr;
  if (s.mask)
    shown = step_of(
        emit_pair(e, ops::equal, {s.mask, number_of(e, 0, scalar::boolean)}, scalar::boolean));
  if (!shown) return {shown, shown};
  const double root = numerics::sqrt(static_cast<double>(s.width / s.heads));
  const step weights = attention_weights(e, heads_of(e, **all, s, 0), heads_of(e, **all, s, 1),
                                         *shown, numerics::div(1., root));
  const step y = matrix_product(e, weights, heads_of(e, **all, s, 2));
  if (!y) return {y, weights};
  const auto together = permuted(e, **y, {0, 2, 1, 3});
  if (!together) return {together.error(), weights};
  const step joined = step_of(reshaped(e, *together->t, (*x)->size));
  return {linear_of(e, joined, s.out_weight, s.out_bias), weights};
}
/// _native_multi_head_attention(query, key, value, embed_dim, heads, qkv_weight, qkv_bias,
/// proj_weight, proj_bias, mask, need_weights, ..) of one tensor with itself.
inline result<value> multi_head_attention(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "query");
  if (!x) return x.error();
  self_attention layer{a.integer("embed_dim"), a.integer("num_head"),   a.tensor("qkv_weight"),
                       a.tensor("qkv_bias"),   a.tensor("proj_weight"), a.tensor("proj_bias")};
  if (auto s = a.check(); !s) return s.error();
  const value query = a["query"], k = a["key"], v = a["value"];
  if (!k.is(kind::tensor) || !v.is(kind::tensor) || k.t != query.t || v.t != query.t)
    return unsupported("operands of " + a.name, "different tensors",
                       "self-attention: one tensor as query, key and value");
  if ((*x)->rank() != 3) return invalid("shape of the input of " + a.name);
  const auto mask = hidden_by(e, a, **x);
  if (!mask) return mask.error();
  layer.mask = *mask;
  const attended out = attend(e, x, layer);
  const auto projected = done(out.y);
  if (!projected) return projected;
  if (!a.boolean("need_weights")) return e.c.values.list({*projected, value{}}, kind::tuple);
  step given = out.weights;
  if (a.boolean("average_attn_weights"))
    given = apply(e, ops::div, summed(e, out.weights, {1}, false),
                  number(e, static_cast<double>(layer.heads)));
  if (!given) return given.error();
  return e.c.values.list({*projected, value_of(**given)}, kind::tuple);
}
/// One normalization of an encoder layer.
inline step encoder_norm(emitter& e, const step& x, double eps, tensor_data* weight,
                         tensor_data* bias) {
  layer_norm_attrs how;
  how.epsilon = eps;
  return normalized_rows(e, x, weight, bias, how);
}
/// _transformer_encoder_layer_fwd(src, ..), what nn.TransformerEncoderLayer is in eval mode:
/// attention and two linear layers, each added to what it is given, with a normalization before
/// or behind.
inline result<value> encoder_layer(emitter& e, arguments& a) {
  step x = real_argument(e, a, "src");
  if (!x) return x.error();
  self_attention layer{a.integer("embed_dim"), a.integer("num_heads"),  a.tensor("qkv_weight"),
                       a.tensor("qkv_bias"),   a.tensor("proj_weight"), a.tensor("proj_bias")};
  const bool gelu_between = a.boolean("use_gelu"), first = a.boolean("norm_first");
  const double eps = a.real("eps");
  tensor_data *g1 = a.tensor("norm_weight_1"), *b1 = a.tensor("norm_bias_1"),
              *g2 = a.tensor("norm_weight_2"), *b2 = a.tensor("norm_bias_2"),
              *w1 = a.tensor("ffn_weight_1"), *c1 = a.tensor("ffn_bias_1"),
              *w2 = a.tensor("ffn_weight_2"), *c2 = a.tensor("ffn_bias_2");
  if (auto s = a.check(); !s) return s.error();
  if ((*x)->rank() != 3) return invalid("shape of the input of " + a.name);
  const auto mask = hidden_by(e, a, **x);
  if (!mask) return mask.error();
  layer.mask = *mask;
  x = apply(e, ops::add, attend(e, first ? encoder_norm(e, x, eps, g1, b1) : x, layer).y, x);
  if (!first) x = encoder_norm(e, x, eps, g1, b1);
  const step inner = linear_of(e, first ? encoder_norm(e, x, eps, g2, b2) : x, w1, c1);
  const step between = gelu_between ? apply(e, ops::gelu, inner) : apply(e, ops::relu, inner);
  x = apply(e, ops::add, linear_of(e, between, w2, c2), x);
  if (!first) x = encoder_norm(e, x, eps, g2, b2);
  return done(x);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_FLOAT_HPP_
// ---- octet/import/torch/rows_memory.hpp
// Rows that write into a tensor's memory: copy_, fill_, index_put and their kind; and what a write
// leaves of the other tensors that share the memory (sharing.hpp).
#ifndef OCTET_IMPORT_TORCH_ROWS_MEMORY_HPP_
#define OCTET_IMPORT_TORCH_ROWS_MEMORY_HPP_

#include <algorithm>


OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

/// Elements between the first and the last of what a write covers, for which places are kept.
inline constexpr std::int64_t longest_write = std::int64_t{1} << 24;

// ---- which element comes from where ----

/// For each element of a tensor, in logical order, the element of what is written that it becomes;
/// -1: it stays.
using element_sources = std::vector<std::int64_t>;

/// f(number, place) of each element in logical order, of extents that hold any.
inline void each_place(const std::vector<std::int64_t>& size,
                       const std::vector<std::int64_t>& stride, std::int64_t first, const auto& f) {
  std::int64_t count = 1, place = first;
  for (const std::int64_t n : size) count *= n;
  std::vector<std::int64_t> at(size.size(), 0);
  for (std::int64_t i = 0; i < count; ++i) {
    f(i, place);
    for (std::size_t k = size.size(); k-- > 0;) {
      if (size[k] == 1) continue;  // its stride may be any number in a file
      place += stride[k];
      if (++at[k] < size[k]) break;
      place -= stride[k] * size[k];
      at[k] = 0;
    }
  }
}
/// Of each element of `t` the one that the write gives it.
inline result<element_sources> sources_of(emitter& e, const tensor_data& t, const memory_write& w) {
  std::int64_t reach = 0;
  for (std::size_t k = 0; k < w.size.size(); ++k) {
    if (w.stride[k] < 0 || w.stride[k] > longest_write) return too_large("a write in place");
    reach += std::max<std::int64_t>(w.size[k] - 1, 0) * w.stride[k];
    if (reach > longest_write) return too_large("a write in place");
  }
  if (t.elements() > longest_write) return too_large("a tensor that is written into");
  const std::size_t written = as_size(w.what->elements()), shown = as_size(t.elements());
  if (auto s = e.c.build.work.spend(8 * (as_size(reach) + written + shown)); !s) return s.error();
  std::vector<std::int64_t> by_place(as_size(reach) + 1, -1);
  each_place(w.size, w.stride, 0,
             [&](std::int64_t i, std::int64_t place) { by_place[as_size(place)] = i; });
  element_sources from(shown, -1);
  each_place(t.size, t.stride, t.offset - w.offset, [&](std::int64_t i, std::int64_t place) {
    if (place >= 0 && place <= reach) from[as_size(i)] = by_place[as_size(place)];
  });
  return from;
}
/// A range [begin, end) of each axis.
struct box {
  std::vector<std::int64_t> begin, end;
  bool whole(const tensor_data& t, std::size_t axis) const {
    return begin[axis] == 0 && end[axis] == t.size[axis];
  }
};
/// The box of `t` that `count` elements written fill in their own order; nothing where they do not.
inline std::optional<box> box_of(const tensor_data& t, const element_sources& from,
                                 std::int64_t count) {
  box b{t.size, std::vector<std::int64_t>(t.size.size(), 0)};
  std::int64_t next = 0;
  bool in_order = true;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i] < 0) continue;
    in_order &= from[i] == next++;
    auto rest = static_cast<std::int64_t>(i);
    for (std::size_t k = t.size.size(); k-- > 0;) {
      const std::int64_t at = rest % t.size[k];
      rest /= t.size[k];
      b.begin[k] = std::min(b.begin[k], at), b.end[k] = std::max(b.end[k], at + 1);
    }
  }
  std::int64_t volume = 1;
  for (std::size_t k = 0; k < t.size.size(); ++k) volume *= b.end[k] - b.begin[k];
  if (!in_order || next != count || volume != count) return {};
  return b;
}

// ---- nodes ----

/// Values of one kind along an axis, of the kind of `t`, and in its layout.
inline result<value> side_by_side(emitter& e, const tensor_data& t, const std::vector<value>& parts,
                                  std::size_t axis) {
  const bool inner = !t.constant() && t.channels_inner;
  std::vector<tensor_id> ids;
  for (const value& v : parts) {
    const auto id = e.held(*v.t, inner);
    if (!id) return id.error();
    ids.push_back(*id);
  }
  const tensor_id to = e.make_like(t);
  attributes attrs;
  attrs.set("axis", std::int64_t{axis_in_layout(static_cast<int>(axis), t.rank(), inner)});
  if (auto s = e.emit(ops::concat, std::move(ids), to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, t.type, inner && t.rank() >= 3, false);
}
/// `t` with a box of it replaced: what lies before and behind it along each axis stays.
inline result<value> with_box(emitter& e, tensor_data& t, tensor_data& what, const box& b) {
  std::vector<std::int64_t> size;
  for (std::size_t k = 0; k < t.size.size(); ++k) size.push_back(b.end[k] - b.begin[k]);
  auto v = reshaped(e, what, std::move(size));
  for (std::size_t axis = t.size.size(); v && axis-- > 0;) {
    if (b.whole(t, axis)) continue;
    std::vector<value> parts;
    const auto stays = [&](std::int64_t begin, std::int64_t end) -> status {
      if (begin == end) return unit{};
      auto piece = sliced(e, t, axis, begin, end - begin);
      for (std::size_t k = 0; piece && k < axis; ++k)
        if (!b.whole(t, k)) piece = sliced(e, *piece->t, k, b.begin[k], b.end[k] - b.begin[k]);
      if (!piece) return piece.error();
      parts.push_back(*piece);
      return unit{};
    };
    if (auto s = stays(0, b.begin[axis]); !s) return s.error();
    parts.push_back(*v);
    if (auto s = stays(b.end[axis], t.size[axis]); !s) return s.error();
    v = side_by_side(e, t, parts, axis);
  }
  return v;
}
/// Elements of both in any order: a place in `t` or, behind its elements, in what is written.
inline result<value> with_elements(emitter& e, tensor_data& t, tensor_data& what,
                                   element_sources from) {
  if (from.size() > most_made) return too_large("a tensor that is written into");
  const auto own = static_cast<std::int64_t>(from.size());
  for (std::int64_t i = 0; i < own; ++i)
    from[as_size(i)] = from[as_size(i)] < 0 ? i : own + from[as_size(i)];
  const auto line = reshaped(e, t, {own}), more = reshaped(e, what, {what.elements()});
  if (!line) return line;
  if (!more) return more;
  const auto both = side_by_side(e, *line->t, {*line, *more}, 0);
  if (!both) return both;
  if (auto s = e.c.build.make_constant(from.size() * sizeof(std::int64_t)); !s) return s.error();
  const auto chosen_ones = picked(e, *both->t, 0, from);
  if (!chosen_ones) return chosen_ones;
  return reshaped(e, *chosen_ones->t, t.size);
}
/// `t` with elements of `what` in their places. Codes are written as they are.
inline result<value> overwritten(emitter& e, tensor_data& t, tensor_data& what,
                                 const element_sources& from) {
  if (std::all_of(from.begin(), from.end(), [](std::int64_t i) { return i < 0; }))
    return value_of(t);
  value v = value_of(what);
  if (what.scales != t.scales || what.zero_points != t.zero_points) {
    const auto in = e.held_as_is(what);
    if (!in) return in.error();
    const tensor_id to = e.make_like(t);
    if (auto s = e.emit(ops::identity, {*in}, to); !s) return s.error();
    v = e.wrap(to, t.type, !what.constant() && what.channels_inner, false);
  }
  if (const auto b = box_of(t, from, what.elements())) return with_box(e, t, *v.t, *b);
  return with_elements(e, t, *v.t, from);
}
/// What a write into the memory of `t` leaves of it.
inline result<value> written(emitter& e, tensor_data& t, const memory_write& w) {
  const auto from = sources_of(e, t, w);
  if (!from) return from.error();
  return overwritten(e, t, *w.what, *from);
}

// ---- whole tensors ----

/// A number as values of x: converted, of codes quantized.
inline result<value> number_like(emitter& e, double number, tensor_data& x) {
  if (is_quantized(x.type)) {
    if (auto s = e.per_tensor(x); !s) return s.error();
    return code_of(e, number, x);
  }
  return cast_to(e, *number_of(e, number, x.type), x.type);
}
/// What x holds after y was copied into it, in y's shape. Codes come with their quantization.
inline result<value> values_like(emitter& e, tensor_data& y, const tensor_data& x) {
  if (is_quantized(y.type)) {
    if (y.type == x.type) return value_of(y);
    return unsupported("a copy by " + e.operator_name(),
                       std::string(name_of(y.type)) + " to " + std::string(name_of(x.type)),
                       "dequantize() before it");
  }
  if (!is_quantized(x.type)) return cast_to(e, y, x.type);
  if (auto s = e.per_tensor(x); !s) return s.error();
  if (y.type != scalar::f32)
    return unsupported("a copy by " + e.operator_name() + " to codes", std::string(name_of(y.type)),
                       "float32");
  const auto in = e.held_as_is(y);
  if (!in) return in.error();
  const tensor_id to = e.make_like(x);
  if (auto s = e.emit(ops::quantize, {*in}, to); !s) return s.error();
  return e.wrap(to, x.type, !y.constant() && y.channels_inner, false);
}
/// In the shape of x; a value of its own, whatever happens to what it is made of.
inline result<value> filling(emitter& e, const result<value>& v, const tensor_data& x) {
  if (!v) return v;
  const auto wide = v->t->size == x.size ? v : expanded(e, *v->t, x.size);
  if (!wide) return wide;
  return e.c.values.tensor(*wide->t);
}
/// copy_(x, y), fill_(x, number) and fill_(x, y).
inline result<value> put_all(emitter& e, arguments& a, std::string_view what) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const value given = a[what];
  if (given.is(kind::tensor)) return filling(e, values_like(e, *given.t, *x), *x);
  const double number = given.is(kind::boolean) ? (given.b ? 1 : 0) : a.real(what);
  if (auto s = a.check(); !s) return s.error();
  return filling(e, number_like(e, number, *x), *x);
}
inline result<value> copy_into(emitter& e, arguments& a) { return put_all(e, a, "src"); }
inline result<value> fill(emitter& e, arguments& a) { return put_all(e, a, "value"); }
inline result<value> zero(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  return filling(e, number_like(e, 0, *x), *x);
}

// ---- positions ----

/// The elements of an index that is known when the file is loaded, along an axis of extent n.
inline result<std::vector<std::int64_t>> known_index(emitter& e, const tensor_data& t,
                                                     std::int64_t n) {
  if (!e.c.known(t))
    return unsupported("an index of " + e.operator_name(), "computed from the input's data",
                       "a constant, or a mask");
  std::vector<std::int64_t> list;
  if (t.type == scalar::s32) {
    const auto v = e.c.numbers<std::int32_t>(t);
    if (!v) return v.error();
    list.assign(v->begin(), v->end());
  } else {
    auto v = e.c.numbers<std::int64_t>(t);
    if (!v) return v.error();
    list = std::move(*v);
  }
  for (std::int64_t& i : list) {
    if (i < -n || i >= n)
      return invalid("index of " + e.operator_name(), std::to_string(i), std::to_string(n));
    if (i < 0) i += n;
  }
  return list;
}
/// Positions by index tensors of some axes, which broadcast: their axes take the place of those of
/// x that are indexed where these are neighbours, and come first where they are not.
struct indexed_places {
  std::vector<std::int64_t> size;   // of what is selected
  std::vector<std::int64_t> place;  // in x, of each element selected
};
inline result<std::vector<std::int64_t>> broadcast_extents(
    const emitter& e, const std::vector<const tensor_data*>& list) {
  std::vector<std::int64_t> size;
  for (const tensor_data* t : list)
    if (t->size.size() > size.size()) size.insert(size.begin(), t->size.size() - size.size(), 1);
  for (const tensor_data* t : list)
    for (std::size_t k = 0; k < t->size.size(); ++k) {
      std::int64_t& n = size[size.size() - t->size.size() + k];
      if (n != t->size[k] && n != 1 && t->size[k] != 1)
        return invalid("indices of " + e.operator_name() + " that do not broadcast");
      n = std::max(n, t->size[k]);
    }
  return size;
}
inline result<indexed_places> places_of(emitter& e, const tensor_data& x, const value_list& list) {
  std::vector<const tensor_data*> tensors;
  std::vector<std::size_t> axes;
  for (std::size_t i = 0; i < list.size(); ++i)
    if (list[i].is(kind::tensor)) tensors.push_back(list[i].t), axes.push_back(i);
  const auto by = broadcast_extents(e, tensors);
  if (!by) return by.error();
  const auto steps = contiguous_strides(x.size);
  const bool neighbours = axes.back() - axes.front() + 1 == axes.size();
  const std::size_t front = neighbours ? axes.front() : 0;
  indexed_places p;
  std::vector<std::int64_t> stride;  // in x, of each axis of what is selected
  for (std::size_t i = 0; i < x.size.size(); ++i)
    if (std::find(axes.begin(), axes.end(), i) == axes.end())
      p.size.push_back(x.size[i]), stride.push_back(steps[i]);
  p.size.insert(p.size.begin() + static_cast<std::ptrdiff_t>(front), by->begin(), by->end());
  stride.insert(stride.begin() + static_cast<std::ptrdiff_t>(front), by->size(), 0);
  if (const auto shape = e.ir_shape(p.size, false); !shape) return shape.error();
  std::int64_t count = 1;
  for (const std::int64_t n : p.size) count *= n;
  if (count > longest_write) return too_large("positions of " + e.operator_name());
  if (auto s = e.c.build.work.spend(8 * as_size(count) * (1 + axes.size())); !s) return s.error();
  p.place.resize(as_size(count));
  each_place(p.size, stride, 0, [&](std::int64_t i, std::int64_t at) { p.place[as_size(i)] = at; });
  for (std::size_t k = 0; k < axes.size(); ++k) {
    const auto index = known_index(e, *tensors[k], x.size[axes[k]]);
    if (!index) return index.error();
    std::vector<std::int64_t> along(p.size.size(), 0);  // places of its elements in the list
    const auto own = contiguous_strides(tensors[k]->size);
    for (std::size_t d = 0; d < own.size(); ++d)
      if (tensors[k]->size[d] != 1) along[front + by->size() - own.size() + d] = own[d];
    each_place(p.size, along, 0, [&](std::int64_t i, std::int64_t at) {
      p.place[as_size(i)] += (*index)[as_size(at)] * steps[axes[k]];
    });
  }
  return p;
}
inline result<value> put_by_data(emitter& e, tensor_data& x, const value_list& list,
                                 tensor_data& values);
/// x[indices] = values, of indices that are known: of those that come twice the last one counts.
inline result<value> put_at(emitter& e, tensor_data& x, const value_list& list,
                            tensor_data& values) {
  for (const value& i : list)
    if (i.is(kind::tensor) && !e.c.known(*i.t)) return put_by_data(e, x, list, values);
  const auto p = places_of(e, x, list);
  if (!p) return p.error();
  auto v = values_like(e, values, x);
  if (v && v->t->size != p->size) v = expanded(e, *v->t, p->size);
  if (!v) return v;
  if (x.elements() > longest_write) return too_large("a tensor that is written into");
  element_sources from(as_size(x.elements()), -1);
  for (std::size_t i = 0; i < p->place.size(); ++i)
    from[as_size(p->place[i])] = static_cast<std::int64_t>(i);
  const auto y = overwritten(e, x, *v->t, from);
  if (!y || x.constant()) return y;
  return with_strides(e, *y, iterated_strides(x.size, {x.stride}));
}
/// Of each axis that is indexed its places, and the index of each position.
struct indexed_axes {
  std::vector<value> places, lines;
};
/// x after one write for each position: `values` has the positions along the axis `front`, `one`
/// are the extents of what one of them writes.
inline result<value> put_one_by_one(emitter& e, tensor_data& x, const indexed_axes& axes,
                                    tensor_data& values, std::size_t front,
                                    const std::vector<std::int64_t>& one) {
  value y = value_of(x);
  for (std::int64_t i = 0; i < values.size[front]; ++i) {
    result<value> is = value{};
    for (std::size_t k = 0; k < axes.lines.size(); ++k) {
      const auto at = sliced(e, *axes.lines[k].t, 0, i, 1);
      if (!at) return at;
      const auto here = emit_pair(e, ops::equal, {axes.places[k].t, at->t}, scalar::boolean);
      if (!here) return here;
      is = k == 0 ? here : emit_pair(e, ops::logical_and, {is->t, here->t}, scalar::boolean);
      if (!is) return is;
    }
    const auto piece = sliced(e, values, front, i, 1);
    if (!piece) return piece;
    const auto v = reshaped(e, *piece->t, one);
    if (!v) return v;
    const auto next = chosen(e, *is->t, *v->t, *y.t);
    if (!next) return next;
    y = *next;
  }
  if (x.constant()) return y;
  return with_strides(e, y, iterated_strides(x.size, {x.stride}));
}
/// An index of axes of x as places of none but of n: negative ones count from the end.
inline result<value> counted_from_front(emitter& e, tensor_data& index, std::int64_t n) {
  const auto below =
      emit_pair(e, ops::less, {&index, number_of(e, 0, scalar::s64)}, scalar::boolean);
  if (!below) return below;
  const auto moved = emit_pair(
      e, ops::add, {&index, number_of(e, static_cast<double>(n), scalar::s64)}, scalar::s64);
  if (!moved) return moved;
  return chosen(e, *below->t, *moved->t, index);
}
/// The places of one axis as a value that broadcasts along the others.
inline result<value> places_along(emitter& e, const tensor_data& x, std::size_t axis) {
  if (x.size[axis] > static_cast<std::int64_t>(most_made))
    return too_large("an axis that is written into");
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < x.size[axis]; ++i) numbers.push_back(static_cast<double>(i));
  std::vector<std::int64_t> line(x.size.size(), 1);
  line[axis] = x.size[axis];
  return constant_tensor(e, numbers, line, scalar::s64);
}
/// x[indices] = values where the input's data decides an index: position after position, x becomes
/// the value wherever all indices name the element. The last of those that come twice counts.
inline result<value> put_by_data(emitter& e, tensor_data& x, const value_list& list,
                                 tensor_data& values) {
  std::vector<const tensor_data*> tensors;
  std::vector<std::size_t> axes;
  for (std::size_t i = 0; i < list.size(); ++i)
    if (list[i].is(kind::tensor)) tensors.push_back(list[i].t), axes.push_back(i);
  const auto by = broadcast_extents(e, tensors);
  if (!by) return by.error();
  std::int64_t count = 1;
  for (const std::int64_t n : *by) count *= std::min<std::int64_t>(n, 65);
  if (count < 1 || count > 64)
    return unsupported("an index of " + e.operator_name(), "computed from the input's data",
                       "up to 64 positions, or a constant, or a mask");
  const bool neighbours = axes.back() - axes.front() + 1 == axes.size();
  const std::size_t front = neighbours ? axes.front() : 0;
  std::vector<std::int64_t> selected, one;  // extents of all that is selected, of one position's
  for (std::size_t i = 0; i < x.size.size(); ++i) {
    const bool indexed = std::find(axes.begin(), axes.end(), i) != axes.end();
    one.push_back(indexed ? 1 : x.size[i]);
    if (!indexed) selected.push_back(x.size[i]);
  }
  auto flat = selected;
  selected.insert(selected.begin() + static_cast<std::ptrdiff_t>(front), by->begin(), by->end());
  flat.insert(flat.begin() + static_cast<std::ptrdiff_t>(front), count);
  auto v = values_like(e, values, x);
  if (v && v->t->size != selected) v = expanded(e, *v->t, selected);
  if (v) v = reshaped(e, *v->t, flat);
  if (!v) return v;
  std::vector<value> places, lines;
  for (std::size_t k = 0; k < axes.size(); ++k) {
    const auto wide = cast_to(e, *list[axes[k]].t, scalar::s64);
    if (!wide) return wide;
    const auto all = expanded(e, *wide->t, *by);
    if (!all) return all;
    const auto from_front = counted_from_front(e, *all->t, x.size[axes[k]]);
    if (!from_front) return from_front;
    const auto line = reshaped(e, *from_front->t, {count});
    if (!line) return line;
    const auto along = places_along(e, x, axes[k]);
    if (!along) return along;
    lines.push_back(*line), places.push_back(*along);
  }
  return put_one_by_one(e, x, {std::move(places), std::move(lines)}, *v->t, front, one);
}
/// index_put(x, [mask], values): x[mask] = values, where the values' number does not depend on the
/// mask: one, or what each position of the mask selects.
inline result<value> put_by_mask(emitter& e, arguments& a, tensor_data* x, std::size_t first,
                                 tensor_data* mask, tensor_data* values) {
  const std::size_t axes = mask->size.size(), behind = first + axes;
  if (axes == 0 || behind > x->size.size() ||
      !std::equal(mask->size.begin(), mask->size.end(),
                  x->size.begin() + static_cast<std::ptrdiff_t>(first)))
    return invalid("extents of a mask", std::to_string(mask->rank()) + " axes",
                   "those of the axes of the tensor");
  if (values->elements() != 1 && (first != 0 || values->size.size() > x->size.size() - axes))
    return unsupported("values of " + a.name, "as many as the mask has true elements",
                       "one, or one for each element that a position of the mask selects");
  std::vector<std::int64_t> size(first, 1);
  size.insert(size.end(), mask->size.begin(), mask->size.end());
  size.resize(x->size.size(), 1);
  const auto wide = reshaped(e, *mask, std::move(size));
  if (!wide) return wide;
  result<value> given = value_of(*values);
  if (values->elements() == 1) given = reshaped(e, *values, {});
  if (!given) return given;
  if (is_quantized(x->type) && !is_quantized(values->type)) {
    if (auto s = e.per_tensor(*x); !s) return s.error();
    double number = 0;
    const auto known = e.c.scalar_of(*values);
    if (!known || !read_number(*known, number))
      return unsupported("values of " + a.name + " for a quantized tensor", {},
                         "one number that is known when the file is loaded");
    given = code_of(e, number, *x);
  } else if (given->t->type != x->type) {
    given = cast_to(e, *given->t, x->type);
  }
  if (!given) return given;
  const auto v = chosen(e, *wide->t, *given->t, *x);
  if (!v || x->constant()) return v;
  return with_strides(e, *v, iterated_strides(x->size, {x->stride}));
}
/// index_put(x, positions, values): x[positions] = values.
inline result<value> index_put(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *values = a.tensor("values");
  const bool accumulate = a.boolean("accumulate");
  if (auto s = a.check(); !s) return s.error();
  const value indices = a["indices"];
  if (!indices.is_sequence()) return unsupported("positions of " + a.name);
  if (accumulate) return unsupported("sums at positions in " + a.name);
  const value_list& list = indices.c->items;
  std::size_t masks = 0, tensors = 0, first = 0;
  for (std::size_t i = list.size(); i-- > 0;) {
    if (list[i].is(kind::none)) continue;
    if (!list[i].is(kind::tensor)) return unsupported("positions of " + a.name);
    const bool mask = list[i].t->type == scalar::boolean;
    if (!mask) e.take_as_indices(*list[i].t);
    ++tensors, masks += mask ? 1 : 0, first = i;
  }
  if (tensors == 0 || (masks == 0 && list.size() > x->size.size()))
    return unsupported("positions of " + a.name, std::to_string(tensors) + " tensors",
                       "indices of the axes, or a mask");
  if (masks == 0) return put_at(e, *x, list, *values);
  if (tensors > 1)
    return unsupported("positions of " + a.name, std::to_string(tensors) + " tensors",
                       "a mask alone, or indices");
  return put_by_mask(e, a, x, first, list[first].t, values);
}
/// The list of positions that an index along one axis is.
inline result<value_list> along_axis(arguments& a, const tensor_data& x, tensor_data& index) {
  const std::size_t axis = a.axis(a.integer("dim"), x.rank());
  if (auto s = a.check(); !s) return s.error();
  value_list list(axis, value{});
  list.push_back(value_of(index));
  return list;
}
/// index_fill(x, dim, index, number) and index_copy(x, dim, index, y).
template <bool Fill> result<value> index_set(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *index = a.tensor("index");
  if (auto s = a.check(); !s) return s.error();
  const auto list = along_axis(a, *x, *index);
  if (!list) return list.error();
  if (!Fill) {
    tensor_data* source = a.tensor("source");
    if (auto s = a.check(); !s) return s.error();
    return put_at(e, *x, *list, *source);
  }
  const value given = a["value"];
  if (given.is(kind::tensor)) return put_at(e, *x, *list, *given.t);
  const double number = a.real("value");
  if (auto s = a.check(); !s) return s.error();
  const auto v = number_like(e, number, *x);
  if (!v) return v;
  return put_at(e, *x, *list, *v->t);
}
/// Elements of `index` along the axis, and where in x they put what is in their place: of an index
/// that is known.
inline result<element_sources> scattered(emitter& e, const tensor_data& x, const tensor_data& index,
                                         std::size_t axis) {
  if (x.elements() > longest_write || index.elements() > longest_write)
    return too_large("a tensor that is written into");
  const auto list = known_index(e, index, x.size[axis]);
  if (!list) return list.error();
  auto steps = contiguous_strides(x.size);
  const std::int64_t along = std::exchange(steps[axis], 0);
  if (auto s = e.c.build.work.spend(8 * as_size(x.elements() + index.elements())); !s)
    return s.error();
  element_sources from(as_size(x.elements()), -1);
  each_place(index.size, steps, 0, [&](std::int64_t i, std::int64_t place) {
    from[as_size(place + (*list)[as_size(i)] * along)] = i;
  });
  return from;
}
/// The same where the input's data decides: slice after slice of the index, x becomes what stands
/// in its place wherever it names the element.
inline result<value> scattered_by_data(emitter& e, tensor_data& x, tensor_data& index,
                                       tensor_data& what, std::size_t axis) {
  auto rest = x.size;
  rest[axis] = index.size[axis];
  if (rest != index.size || index.size[axis] > 64)
    return unsupported("an index of " + e.operator_name(), "computed from the input's data",
                       "the extents of the tensor but for the axis, along which it has up to 64");
  const auto places = places_along(e, x, axis);
  if (!places) return places;
  value y = value_of(x);
  for (std::int64_t k = 0; k < index.size[axis]; ++k) {
    const auto at = sliced(e, index, axis, k, 1), v = sliced(e, what, axis, k, 1);
    if (!at) return at;
    if (!v) return v;
    const auto is = emit_pair(e, ops::equal, {places->t, at->t}, scalar::boolean);
    if (!is) return is;
    const auto next = chosen(e, *is->t, *v->t, *y.t);
    if (!next) return next;
    y = *next;
  }
  return y;
}
/// scatter(x, dim, index, values) and scatter(x, dim, index, number).
inline result<value> scatter(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *index = a.tensor("index");
  const std::int64_t dim = a.integer("dim");
  const value given = a["src"];
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  const double number = given.is(kind::tensor) ? 0 : a.real("src");
  if (auto s = a.check(); !s) return s.error();
  if (!a.none("reduce")) return unsupported("reduce of " + a.name);
  e.take_as_indices(*index);
  if (index->type != scalar::s64 || index->rank() != x->rank())
    return unsupported("index of " + a.name, std::string(name_of(index->type)),
                       "int64 of as many axes as the tensor");
  auto v = given.is(kind::tensor) ? values_like(e, *given.t, *x) : number_like(e, number, *x);
  if (v && !given.is(kind::tensor)) v = expanded(e, *v->t, index->size);
  for (std::size_t k = 0; v && k < index->size.size(); ++k) {
    if (v->t->rank() != index->rank() || v->t->size[k] < index->size[k] ||
        (k != axis && index->size[k] > x->size[k]))
      return invalid("extents of the index of " + a.name);
    if (v->t->size[k] != index->size[k]) v = sliced(e, *v->t, k, 0, index->size[k]);
  }
  if (!v) return v;
  if (!e.c.known(*index)) return scattered_by_data(e, *x, *index, *v->t, axis);
  const auto from = scattered(e, *x, *index, axis);
  if (!from) return from.error();
  return overwritten(e, *x, *v->t, *from);
}
/// index_add(x, dim, index, source, alpha): slice after slice.
inline result<value> index_add(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *index = a.tensor("index"), *source = a.tensor("source");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  const double alpha = a.real("alpha");
  if (auto s = a.check(); !s) return s.error();
  const auto list = known_index(e, *index, x->size[axis]);
  if (!list) return list.error();
  if ((alpha != 1 && x->type != scalar::f32) || x->type != source->type || is_quantized(x->type) ||
      list->size() > 1024 || source->rank() != x->rank() ||
      source->size[axis] != static_cast<std::int64_t>(list->size()))
    return unsupported("operands of " + a.name, {}, "numbers of one type, whole ones with alpha 1");
  if (alpha != 1) {
    const auto scaled = emit_pair(e, ops::mul, {source, number_of(e, alpha, x->type)}, x->type);
    if (!scaled) return scaled;
    source = scaled->t;
  }
  value y = value_of(*x);
  for (std::size_t k = 0; k < list->size(); ++k) {
    const auto old = sliced(e, *y.t, axis, (*list)[k], 1),
               more = sliced(e, *source, axis, static_cast<std::int64_t>(k), 1);
    if (!old) return old;
    if (!more) return more;
    const auto sum = emit_pair(e, ops::add, {old->t, more->t}, x->type);
    if (!sum) return sum;
    box b{std::vector<std::int64_t>(x->size.size(), 0), x->size};
    b.begin[axis] = (*list)[k], b.end[axis] = (*list)[k] + 1;
    const auto next = with_box(e, *y.t, *sum->t, b);
    if (!next) return next;
    y = *next;
  }
  return y;
}
/// masked_scatter(x, mask, source): elements of the source in order, where the mask is true.
inline result<value> masked_scatter(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *mask = a.tensor("mask"), *source = a.tensor("source");
  if (auto s = a.check(); !s) return s.error();
  if (mask->type != scalar::boolean || source->type != x->type || source->elements() < 1)
    return unsupported("mask or source of " + a.name, std::string(name_of(mask->type)),
                       "a mask of bools, a source of the tensor's type");
  const auto wide = filling(e, value_of(*mask), *x);
  if (!wide) return wide;
  const auto line = reshaped(e, *wide->t, {x->elements()});
  if (!line) return line;
  const auto ones = cast_to(e, *line->t, scalar::s64);
  if (!ones) return ones;
  const auto in = e.held(*ones->t, false);
  if (!in) return in.error();
  const tensor_id sums = e.make(scalar::s64);
  attributes attrs;
  attrs.set("axis", std::int64_t{0});
  if (auto s = e.emit(ops::cumsum, {*in}, sums, std::move(attrs)); !s) return s.error();
  // The first true element takes element 0; what is before it is not looked at.
  const value counted = e.wrap(sums, scalar::s64, false, false);
  const auto of = [&](std::int64_t v) { return number_of(e, static_cast<double>(v), scalar::s64); };
  const auto place = emit_pair(e, ops::sub, {counted.t, of(1)}, scalar::s64);
  if (!place) return place;
  const auto low = emit_pair(e, ops::maximum, {place->t, of(0)}, scalar::s64);
  if (!low) return low;
  const auto at = emit_pair(e, ops::minimum, {low->t, of(source->elements() - 1)}, scalar::s64);
  if (!at) return at;
  const auto all = reshaped(e, *source, {source->elements()});
  if (!all) return all;
  const auto taken = gathered(e, *all->t, *at->t, 0);
  if (!taken) return taken;
  const auto in_shape = reshaped(e, *taken->t, x->size);
  if (!in_shape) return in_shape;
  const auto v = chosen(e, *wide->t, *in_shape->t, *x);
  if (!v || x->constant()) return v;
  return with_strides(e, *v, iterated_strides(x->size, {x->stride}));
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_MEMORY_HPP_

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

// ---- shapes ----

inline result<value> view_as(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *like = a.tensor("other");
  if (auto s = a.check(); !s) return s.error();
  return reshaped(e, *x, like->size);
}
inline result<value> ravel(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  return reshaped(e, *x, {x->elements()});
}
/// hstack, vstack, dstack: tensors of at least 1, 2, 3 axes along axis 1, 0, 2; lines along their
/// only axis in hstack.
template <int Axes> result<value> stacked(emitter& e, arguments& a) {
  const auto list = tensors_of(a);
  if (!list) return list.error();
  std::vector<value> parts;
  for (tensor_data* t : *list) {
    auto size = t->size;
    if (size.empty()) size = {1};
    if (Axes >= 2 && size.size() == 1) size.insert(size.begin(), 1);
    if (Axes == 3 && size.size() == 2) size.push_back(1);
    const auto v = size == t->size ? value_of(*t) : reshaped(e, *t, std::move(size));
    if (!v) return v;
    parts.push_back(*v);
  }
  const std::int64_t dim = Axes == 1 ? (parts.front().t->rank() == 1 ? 0 : 1) : Axes == 2 ? 0 : 2;
  arguments as(e.c, a.name,
               {{"tensors", e.c.values.list(std::move(parts))}, {"dim", value::of(dim)}});
  return cat<false, false>(e, as);
}
/// tensor_split(x, pieces, dim): the first ones have one element more; tensor_split(x, [where to
/// cut], dim).
inline result<value> tensor_split(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const auto given = a.integers("indices_or_sections");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t n = x->size[axis];
  std::vector<std::int64_t> ends;
  if (a["indices_or_sections"].is_sequence()) {
    for (std::int64_t v : given) ends.push_back(std::clamp<std::int64_t>(v < 0 ? v + n : v, 0, n));
    ends.push_back(n);
  } else {
    const std::int64_t pieces = given[0];
    if (pieces < 1 || pieces > 4096)
      return invalid("number of pieces of " + a.name, std::to_string(pieces));
    for (std::int64_t k = 1; k <= pieces; ++k)
      ends.push_back(k * (n / pieces) + std::min(k, n % pieces));
  }
  std::vector<value> out;
  std::int64_t at = 0;
  for (const std::int64_t end : ends) {
    const auto piece = sliced(e, *x, axis, std::min(at, end), std::max<std::int64_t>(end - at, 0));
    if (!piece) return piece;
    out.push_back(*piece);
    at = end;
  }
  return e.c.values.list(std::move(out));
}
/// fliplr and flipud.
template <int Axis> result<value> flipped(emitter& e, arguments& a) {
  arguments as(e.c, a.name, {{"self", a["self"]}, {"dims", e.c.values.integers({Axis})}});
  return flip(e, as);
}
/// column_stack: lines as columns, then side by side.
inline result<value> column_stack(emitter& e, arguments& a) {
  const auto list = tensors_of(a);
  if (!list) return list.error();
  std::vector<value> parts;
  for (tensor_data* t : *list) {
    const auto v = t->rank() < 2 ? reshaped(e, *t, {t->elements(), 1}) : value_of(*t);
    if (!v) return v;
    parts.push_back(*v);
  }
  arguments as(
      e.c, a.name,
      {{"tensors", e.c.values.list(std::move(parts))}, {"dim", value::of(std::int64_t{1})}});
  return cat<false, false>(e, as);
}
/// atleast_1d, atleast_2d, atleast_3d of one tensor: axes of extent 1 in front, the third behind.
template <int Axes> result<value> at_least(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() >= Axes) return a["self"];
  auto size = x->size;
  if (size.empty()) size = {1};
  if (Axes >= 2 && size.size() == 1) size.insert(size.begin(), 1);
  if (Axes == 3 && size.size() == 2) size.push_back(1);
  return reshaped(e, *x, std::move(size));
}
/// hsplit, vsplit, dsplit: tensor_split along axis 1, 0, 2; of a line hsplit takes its only axis.
template <int Axis> result<value> split_along(emitter& e, arguments& a) {
  const tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t dim = Axis == 1 && x->rank() == 1 ? 0 : Axis;
  if (x->rank() <= dim) return invalid("axes of " + a.name, std::to_string(x->rank()));
  arguments as(
      e.c, a.name,
      {{"self", a["self"]}, {"indices_or_sections", a["indices"]}, {"dim", value::of(dim)}});
  return tensor_split(e, as);
}
/// rot90(x, k, dims): quarter turns from the first axis towards the second.
inline result<value> rot90(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t turns = (a.integer("k") % 4 + 4) % 4;
  if (auto s = a.check(); !s) return s.error();
  const auto axes = axes_argument(a, "dims", *x);
  if (auto s = a.check(); !s) return s.error();
  if (axes.size() != 2 || axes[0] == axes[1])
    return invalid("axes of " + a.name, std::to_string(axes.size()), "two");
  if (turns == 0) return a["self"];
  arguments mirrored(
      e.c, a.name,
      {{"self", a["self"]},
       {"dims", e.c.values.integers(turns == 2 ? axes : std::vector{axes[turns == 1 ? 1 : 0]})}});
  const auto v = flip(e, mirrored);
  if (!v || turns == 2) return v;
  arguments turned(e.c, a.name,
                   {{"self", *v}, {"dim0", value::of(axes[0])}, {"dim1", value::of(axes[1])}});
  return transpose(e, turned);
}
/// diff(x, n, dim): what each element is more than the one before it; of bools whether they differ.
inline result<value> diff(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t times = a.integer("n"), dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  if (!a.none("prepend") || !a.none("append") || times < 0 || times > 16 ||
      !(x->type == scalar::f32 || x->type == scalar::boolean || is_whole(*x)))
    return unsupported("operands of " + a.name, std::string(name_of(x->type)),
                       "float32, int64, int32, bool; up to 16 times, nothing in front or behind");
  value v = a["self"];
  for (std::int64_t i = 0; i < times; ++i) {
    const std::int64_t n = v.t->size[axis];
    if (n < 2) return unsupported("extents of " + a.name, std::to_string(n), "2 or more");
    const auto later = sliced(e, *v.t, axis, 1, n - 1), before = sliced(e, *v.t, axis, 0, n - 1);
    if (!later) return later;
    if (!before) return before;
    const auto next = emit_pair(e, x->type == scalar::boolean ? ops::not_equal : ops::sub,
                                {later->t, before->t}, x->type);
    if (!next) return next;
    v = *next;
  }
  return v;
}
/// eye(n), eye(n, m).
inline result<value> eye(emitter& e, arguments& a) {
  const std::int64_t rows = a.small("n", a.integer("n")),
                     columns = a.none("m") ? rows : a.small("m", a.integer("m"));
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_argument(a, scalar::f32);
  if (!type) return type.error();
  const auto most = static_cast<std::int64_t>(most_made);
  if (rows < 0 || columns < 0 || (columns > 0 && rows > most / columns))
    return too_large("a tensor made by " + a.name);
  if (auto s = e.c.build.work.spend(sizeof(double) * as_size(rows * columns)); !s) return s.error();
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < rows * columns; ++i)
    numbers.push_back(i / columns == i % columns ? 1 : 0);
  return constant_tensor(e, numbers, {rows, columns}, *type);
}
/// new_full(x, size, number, ..).
inline result<value> new_full(emitter& e, arguments& a) {
  const tensor_data* x = a.tensor("self");
  const auto size = a.integers("size");
  const double fill = a.real("fill_value");
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_argument(a, x->type);
  if (!type) return type.error();
  return constant_tensor(e, {fill}, size, *type);
}
/// repeat_interleave(x, counts, dim): each element along an axis as often as its count says, which
/// is known when the file is loaded.
inline result<value> repeated_by_counts(emitter& e, arguments& a, const tensor_data& counts) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.none("dim") ? 0 : a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  if (a.none("dim")) {
    const auto line = reshaped(e, *x, {x->elements()});
    if (!line) return line;
    x = line->t;
  }
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  if (counts.type != scalar::s64 || !e.c.known(counts) || counts.elements() != x->size[axis])
    return unsupported("counts of " + a.name, {}, "one int64 constant for each element");
  const auto list = e.c.numbers<std::int64_t>(counts);
  if (!list) return list.error();
  std::vector<std::int64_t> index;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::int64_t n = (*list)[i];
    if (n < 0 || n > static_cast<std::int64_t>(most_made - index.size()))
      return too_large("result of " + a.name);
    index.insert(index.end(), as_size(n), static_cast<std::int64_t>(i));
  }
  if (index.empty()) return unsupported("no elements in " + a.name);
  if (auto s = e.c.build.make_constant(index.size() * sizeof(std::int64_t)); !s) return s.error();
  return as_contiguous(e, picked(e, *x, axis, index));
}
/// repeat_interleave(x, count, dim): each element so many times; without dim of all elements in
/// order.
inline result<value> repeat_interleave(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (a["repeats"].is(kind::tensor) && a["repeats"].t->elements() != 1)
    return repeated_by_counts(e, a, *a["repeats"].t);
  const std::int64_t count = a.small("repeats", a.integer("repeats"));
  if (auto s = a.check(); !s) return s.error();
  if (count < 1) return unsupported("count of " + a.name, std::to_string(count), "1 or more");
  std::int64_t dim = 0;
  if (a.none("dim")) {
    const auto line = reshaped(e, *x, {x->elements()});
    if (!line) return line;
    x = line->t;
  } else {
    dim = a.integer("dim");
  }
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t n = x->size[axis];
  if (n * count > static_cast<std::int64_t>(most_made)) return too_large("result of " + a.name);
  if (auto s = e.c.build.work.spend(sizeof(std::int64_t) * as_size(n * count)); !s)
    return s.error();
  std::vector<std::int64_t> index;
  for (std::int64_t i = 0; i < n * count; ++i) index.push_back(i / count);
  return as_contiguous(e, picked(e, *x, axis, index));
}
/// The windows of adaptive_avg_pool2d along one axis of n elements, each as long as the longest:
/// behind a shorter one stands element n, a zero.
struct adaptive_windows {
  std::vector<std::int64_t> index{};
  std::vector<double> lengths{};
  std::int64_t longest = 1, shortest = INT32_MAX;
  adaptive_windows(std::int64_t n, std::int64_t count) {
    std::vector<pool_range> all;
    for (std::int64_t o = 0; o < count; ++o) {
      all.push_back(pool_taps(static_cast<std::int32_t>(o), static_cast<std::int32_t>(count),
                              static_cast<std::int32_t>(n), 1, 1, 1, 0, 0, true));
      const std::int64_t length = all.back().counted;
      longest = std::max(longest, length), shortest = std::min(shortest, length);
      lengths.push_back(static_cast<double>(length));
    }
    if (longest * count == n) return;  // side by side: as they stand
    for (const pool_range& w : all)
      for (std::int64_t k = 0; k < longest; ++k) index.push_back(k < w.counted ? w.begin + k : n);
  }
};
/// Sums of such windows of floats, divided by their heights, then by their widths.
inline result<value> divided_twice(emitter& e, arguments& a, tensor_data& x,
                                   const std::array<adaptive_windows, 2>& axes) {
  const auto zeros = [&](std::size_t k) -> std::int64_t {
    return axes[k].shortest < axes[k].longest ? 1 : 0;
  };
  auto v = padded(e, a, x, {0, zeros(1), 0, zeros(0)}, "constant", 0);
  for (std::size_t k = 0; k < 2 && v; ++k)
    if (!axes[k].index.empty()) v = picked(e, *v->t, 2 + k, axes[k].index);
  if (!v) return v;
  const value window = e.c.values.integers({axes[0].longest, axes[1].longest});
  arguments sums(e.c, a.name,
                 {{"self", *v},
                  {"kernel_size", window},
                  {"stride", window},
                  {"padding", e.c.values.integers({0, 0})},
                  {"ceil_mode", value::of(false)},
                  {"count_include_pad", value::of(true)},
                  {"divisor_override", value::of(std::int64_t{1})}});
  v = avg_pool2d(e, sums);
  for (std::size_t k = 0; k < 2 && v; ++k) {
    const auto n = static_cast<std::int64_t>(axes[k].lengths.size());
    const auto by = constant_tensor(
        e, axes[k].lengths, k == 0 ? std::vector{n, std::int64_t{1}} : std::vector{n}, scalar::f32);
    if (!by) return by;
    v = emit_pair(e, ops::div, {v->t, by->t}, scalar::f32);
  }
  if (!v) return v;
  return with_strides(e, *v,
                      suggests_channels_last(x) ? channels_last_strides(v->t->size)
                                                : contiguous_strides(v->t->size));
}
/// Of channels_last images PyTorch divides whole vectors of channels (AVX2's) by the window's size
/// at once, and only those behind them twice.
inline result<value> divided_by_channels(emitter& e, arguments& a, tensor_data& x,
                                         const std::array<adaptive_windows, 2>& axes) {
  constexpr std::int64_t lanes = 8;
  const std::int64_t channels = x.size[1], whole = channels / lanes * lanes;
  if (whole == channels) return adaptive_avg_pool2d(e, a);
  if (whole == 0) return divided_twice(e, a, x, axes);
  const auto first = sliced(e, x, 1, 0, whole), rest = sliced(e, x, 1, whole, channels - whole);
  if (!first) return first;
  if (!rest) return rest;
  arguments of_first = a;
  of_first.replace("self", *first);
  const auto once = adaptive_avg_pool2d(e, of_first), twice = divided_twice(e, a, *rest->t, axes);
  if (!once) return once;
  if (!twice) return twice;
  arguments both(
      e.c, a.name,
      {{"tensors", e.c.values.list({*once, *twice})}, {"dim", value::of(std::int64_t{1})}});
  const auto v = cat<false, false>(e, both);
  return v ? with_strides(e, *v, channels_last_strides(v->t->size)) : v;
}
/// adaptive_avg_pool2d(x, size). PyTorch divides floats of contiguous images by a window's height
/// and then by its width: other last bits than by their product, but where one of them is 1.
inline result<value> adaptive_average(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const value size = a["output_size"];
  if (x->type != scalar::f32 || x->rank() != 4 || !size.is_sequence() || size.c->items.size() != 2)
    return adaptive_avg_pool2d(e, a);
  std::int64_t out[2];
  for (std::size_t k = 0; k < 2; ++k) {
    const value& v = size.c->items[k];
    out[k] = v.is(kind::integer) ? v.i : x->size[2 + k];
    const std::int64_t n = x->size[2 + k], most = static_cast<std::int64_t>(most_made);
    if (out[k] < 1 || n < 1 || n > most || out[k] > most) return adaptive_avg_pool2d(e, a);
  }
  if (out[0] == 1 && out[1] == 1) return adaptive_avg_pool2d(e, a);
  if (auto s = e.c.build.work.spend((sizeof(pool_range) + 3 * sizeof(double)) *
                                    as_size(out[0] + x->size[2] + out[1] + x->size[3]));
      !s)
    return s.error();
  const std::array axes{adaptive_windows(x->size[2], out[0]), adaptive_windows(x->size[3], out[1])};
  if (axes[0].longest == 1 || axes[1].longest == 1) return adaptive_avg_pool2d(e, a);
  return suggests_channels_last(*x) ? divided_by_channels(e, a, *x, axes)
                                    : divided_twice(e, a, *x, axes);
}
/// An operator of images (lines, volumes: by their rank) on one without the axis of images.
template <row_function Of, int Rank = 3> result<value> on_one_image(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(a.first());
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() != Rank) return Of(e, a);
  auto size = x->size, stride = x->stride;
  size.insert(size.begin(), 1);
  stride.insert(stride.begin(), x->size[0] * x->stride[0]);
  const auto images = viewed(e, *x, std::move(size), std::move(stride));
  if (!images) return images;
  arguments as = a;
  as.replace(a.first(), *images);
  const auto y = Of(e, as);
  if (!y) return y;
  const auto alone = [&](tensor_data& t) {
    return reshaped(e, t, {t.size.begin() + 1, t.size.end()});
  };
  if (!y->is(kind::tuple)) return alone(*y->t);
  const auto first = alone(*y->c->items[0].t);
  if (!first) return first;
  value second = y->c->items[1];
  if (second.is(kind::tensor)) {
    const auto places = alone(*second.t);
    if (!places) return places;
    second = *places;
  }
  return e.c.values.list({*first, second}, kind::tuple);
}

// ---- numbers ----

/// relu, clamp and their kind: whole numbers keep their type.
template <row_function Of> result<value> also_whole(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(a.first());
  if (auto s = a.check(); !s) return s.error();
  if (!is_whole(*x)) return Of(e, a);
  value v = value_of(*x);
  const bool relu = !a.has("min");
  for (const bool least : {true, false}) {
    const std::string_view bound = least ? "min" : "max";
    if (relu ? !least : a.none(bound)) continue;
    const value given = relu ? value::of(std::int64_t{0}) : a[bound];
    if (!given.is(kind::integer))
      return unsupported("bounds of " + a.name, std::string(name_of(given.what)),
                         "whole numbers for a tensor of such");
    const auto next =
        emit_pair(e, least ? ops::maximum : ops::minimum,
                  {v.t, number_of(e, static_cast<double>(given.i), x->type)}, x->type);
    if (!next) return next;
    v = *next;
  }
  return v;
}
/// 1 where x is above 0, -1 where it is below.
inline result<value> sign(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const scalar type = is_whole(*x) ? x->type : scalar::f32;
  const auto v = cast_to(e, *x, type);
  if (!v) return v;
  std::array<tensor_data*, 2> sides{};
  for (std::size_t k = 0; k < 2; ++k) {
    const auto is = emit_pair(e, k == 0 ? ops::greater : ops::less, {v->t, number_of(e, 0, type)},
                              scalar::boolean);
    if (!is) return is;
    const auto one = cast_to(e, *is->t, type);
    if (!one) return one;
    sides[k] = one->t;
  }
  return emit_pair(e, ops::sub, sides, type);
}
/// Where x is below 0, one value; else another.
inline step by_sign(emitter& e, const step& x, const step& below, const step& otherwise) {
  if (!x) return x;
  if (!below) return below;
  if (!otherwise) return otherwise;
  const auto negative =
      emit_pair(e, ops::less, {*x, number_of(e, 0, scalar::f32)}, scalar::boolean);
  if (!negative) return negative.error();
  return step_of(chosen(e, *negative->t, **below, **otherwise));
}
/// Rounded towards 0; whole numbers stay.
inline result<value> trunc(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (is_whole(*x)) return a["self"];
  const step v = real_value(e, *x);
  return done(by_sign(e, v, apply(e, ops::ceil, v), apply(e, ops::floor, v)));
}
/// The remainder with the sign of x, exact; of whole numbers that of their division towards 0.
inline result<value> fmod(emitter& e, arguments& a) {
  const auto both = pair_of(e, a, "self", "other", false);
  if (!both) return both.error();
  const scalar type = (*both)[0]->type;
  if (type == scalar::s64 || type == scalar::s32) {
    const auto quotient = emit_pair(e, ops::div, *both, type);  // rounded towards 0
    if (!quotient) return quotient;
    const auto whole_part = emit_pair(e, ops::mul, {quotient->t, (*both)[1]}, type);
    if (!whole_part) return whole_part;
    return emit_pair(e, ops::sub, {(*both)[0], whole_part->t}, type);
  }
  if (type != scalar::f32)
    return unsupported("operands of " + a.name, std::string(name_of(type)),
                       "float32, int64, int32");
  const step x = (*both)[0], y = (*both)[1];
  const step rest = apply(e, ops::floor_mod, apply(e, ops::abs, x), apply(e, ops::abs, y));
  return done(by_sign(e, x, apply(e, ops::neg, rest), rest));
}
/// prod(x), prod(x, dim, keepdim).
inline result<value> product_of(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const bool keep = a.boolean("keepdim");
  if (auto s = a.check(); !s) return s.error();
  const auto axes = axes_or_all(a, "dim", *x);
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_of_sum(a, *x);
  if (!type) return type.error();
  const auto from = cast_to(e, *x, *type);
  if (!from) return from;
  return reduced(e, *from->t, ops::reduce_prod, axes, keep);
}
/// lerp(x, end, weight): from the nearer end.
inline result<value> lerp(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), end = real_argument(e, a, "end");
  if (a["weight"].is(kind::tensor) && a["weight"].t->rank() > 0) {
    const step w = real_argument(e, a, "weight"), way = apply(e, ops::sub, end, x);
    if (!w) return w.error();
    const auto near =
        emit_pair(e, ops::less, {*apply(e, ops::abs, w), *number(e, 0.5)}, scalar::boolean);
    const step from_start = fused(e, x, w, way),
               from_end = fused(e, end, way, apply(e, ops::sub, w, number(e, 1)));
    if (!near) return near;
    if (!from_start) return from_start.error();
    if (!from_end) return from_end.error();
    return chosen(e, *near->t, **from_start, **from_end);
  }
  const double weight = a.real("weight");
  if (auto s = a.check(); !s) return s.error();
  const bool near = weight < 0.5;
  const auto share = static_cast<float>(weight);
  return done(fused(e, near ? x : end, apply(e, ops::sub, end, x),
                    number(e, static_cast<double>(near ? share : numerics::sub(share, 1.f)))));
}
/// tril and triu: 0 above (or below) a diagonal of the last two axes.
template <bool Lower> result<value> triangle(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t diagonal = a.small("diagonal", a.integer("diagonal"));
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() < 2 || is_quantized(x->type))
    return unsupported("input of " + a.name, std::to_string(x->rank()) + " axes",
                       "2 or more, of numbers");
  const std::int64_t rows = x->size[x->size.size() - 2], columns = x->size.back();
  if (rows * columns > static_cast<std::int64_t>(most_made)) return too_large("mask of " + a.name);
  std::vector<double> kept;
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j)
      kept.push_back((Lower ? j - i <= diagonal : j - i >= diagonal) ? 1 : 0);
  if (kept.empty()) return a["self"];
  const auto mask = constant_tensor(e, kept, {rows, columns}, scalar::boolean);
  if (!mask) return mask;
  return chosen(e, *mask->t, *x, *number_of(e, 0, x->type));
}
/// log(sum(exp(x))), of what is left of the largest.
inline result<value> logsumexp(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  const bool keep = a.boolean("keepdim");
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  const auto axes = axes_or_all(a, "dim", **x);
  if (auto s = a.check(); !s) return s.error();
  const step most = step_of(reduced(e, **x, ops::reduce_max, axes, true));
  const step sum = summed(e, apply(e, ops::exp, apply(e, ops::sub, x, most)), axes, true);
  const step y = apply(e, ops::add, apply(e, ops::log, sum), most);
  if (!y || keep) return done(y);
  std::vector<std::int64_t> left;
  for (int i = 0; i < (*x)->rank(); ++i)
    if (std::find(axes.begin(), axes.end(), i) == axes.end())
      left.push_back((*x)->size[as_size(i)]);
  return reshaped(e, **y, std::move(left));
}
/// addcmul(x, p, q, value) and addcdiv: x + value * p * q, x + value * p / q.
template <const op_def& Op> result<value> added_scaled(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), p = real_argument(e, a, "tensor1"),
             q = real_argument(e, a, "tensor2");
  const double by = a.real("value");
  if (auto s = a.check(); !s) return s.error();
  const step scaled = by == 1 ? p : apply(e, ops::mul, p, number(e, by));
  if (&Op == &ops::mul) return done(fused(e, x, scaled, q));
  return done(apply(e, ops::add, x, apply(e, Op, scaled, q)));
}
/// outer(x, y) of two lines.
inline result<value> outer(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), y = real_argument(e, a, "vec2");
  if (!x) return x.error();
  if (!y) return y.error();
  const step column = step_of(reshaped(e, **x, {(*x)->elements(), 1}));
  return done(apply(e, ops::mul, column, y));
}
inline result<value> dot(emitter& e, arguments& a) { return product_with(e, a, "tensor"); }
/// rms_norm(x, shape, weight, eps).
inline result<value> rms_norm(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "input");
  const auto shape = a.integers("normalized_shape");
  const double eps = a.real_or("eps", static_cast<double>(std::numeric_limits<float>::epsilon()));
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  const auto w = factor_argument(e, a, "weight");
  if (!w) return w.error();
  if (shape.empty() || shape.size() > (*x)->size.size() ||
      !std::equal(shape.rbegin(), shape.rend(), (*x)->size.rbegin()))
    return invalid("normalized shape of " + a.name);
  std::vector<std::int64_t> axes;
  for (std::size_t i = (*x)->size.size() - shape.size(); i < (*x)->size.size(); ++i)
    axes.push_back(static_cast<std::int64_t>(i));
  const step variance = mean_of(e, apply(e, ops::mul, x, x), axes);
  const step root = apply(e, ops::sqrt, apply(e, ops::add, variance, number(e, eps)));
  const step y = apply(e, ops::mul, x, apply(e, ops::div, number(e, 1), root));
  return done(scaled_and_shifted(e, y, *w, nullptr, shape));
}
/// hardshrink: 0 from -limit to limit; softshrink: what is beyond.
template <bool Soft> result<value> shrunk(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  const double limit = a.real("lambd");
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  const step size = apply(e, ops::abs, x);
  if (!size) return size.error();
  const auto beyond =
      emit_pair(e, ops::greater, {*size, number_of(e, limit, scalar::f32)}, scalar::boolean);
  if (!beyond) return beyond;
  step y = x;
  if (Soft)
    y = by_sign(e, x, apply(e, ops::add, x, number(e, limit)),
                apply(e, ops::sub, x, number(e, limit)));
  if (!y) return y.error();
  return chosen(e, *beyond->t, **y, *number_of(e, 0, scalar::f32));
}

/// int_repr(x): the codes as whole numbers.
inline result<value> codes(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (auto s = e.per_tensor(*x); !s) return s.error();
  const auto in = e.held_as_is(*x);
  if (!in) return in.error();
  const scalar type = x->type == scalar::quint8 ? scalar::u8 : scalar::s8;
  const tensor_id to = e.make(type);
  if (auto s = e.emit(ops::identity, {*in}, to); !s) return s.error();
  return e.wrap(to, type, !x->constant() && x->channels_inner, suggests_channels_last(*x));
}
/// isnan: what is not itself. isinf and isfinite: by the size.
inline result<value> isnan(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  if (!x) return x.error();
  return emit_pair(e, ops::not_equal, {*x, *x}, scalar::boolean);
}
template <const op_def& Op> result<value> by_infinity(emitter& e, arguments& a) {
  const step size = apply(e, ops::abs, real_argument(e, a, "self"));
  if (!size) return size.error();
  return emit_pair(e, Op, {*size, number_of(e, infinity, scalar::f32)}, scalar::boolean);
}
/// nan_to_num(x, nan, posinf, neginf): infinities become the largest number.
inline result<value> nan_to_num(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  constexpr double largest = std::numeric_limits<float>::max();
  const double nan = a.real_or("nan", 0), high = a.real_or("posinf", largest),
               low = a.real_or("neginf", -largest);
  if (auto s = a.check(); !s) return s.error();
  const step y = where_same(e, x, number(e, -infinity), number(e, low),
                            where_same(e, x, number(e, infinity), number(e, high), x));
  return done(where_same(e, x, x, y, number(e, nan)));
}
/// True where one of the two is.
inline result<value> logical_xor(emitter& e, arguments& a) {
  const auto both = pair_of(e, a, "self", "other", false);
  if (!both) return both.error();
  const auto x = truth_of(e, *both->front()), y = truth_of(e, *both->back());
  if (!x) return x;
  if (!y) return y;
  return emit_pair(e, ops::not_equal, {x->t, y->t}, scalar::boolean);
}
/// count_nonzero(x, dim).
inline result<value> count_nonzero(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const auto axes = axes_or_all(a, "dim", *x);
  if (auto s = a.check(); !s) return s.error();
  const auto is = emit_pair(e, ops::not_equal, {x, number_of(e, 0, x->type)}, scalar::boolean);
  if (!is) return is;
  const auto ones = cast_to(e, *is->t, scalar::s64);
  if (!ones) return ones;
  return reduced(e, *ones->t, ops::sum, axes, false);
}
/// aminmax(x, dim, keepdim): both.
inline result<value> both_extremes(emitter& e, arguments& a) {
  const auto low = reduction_of_axes<ops::reduce_min>(e, a),
             high = reduction_of_axes<ops::reduce_max>(e, a);
  if (!low) return low;
  if (!high) return high;
  return e.c.values.list({*low, *high}, kind::tuple);
}
/// x.mT: the last two axes change places; a view.
inline result<value> swapped(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  return done(with_axes_swapped(e, x));
}
/// frac(x): what trunc leaves.
inline result<value> frac(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  return done(
      apply(e, ops::sub, x, by_sign(e, x, apply(e, ops::ceil, x), apply(e, ops::floor, x))));
}
/// exp2 and tan: the last bit is not PyTorch's.
inline result<value> exp2(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  if (!x) return x.error();
  return emit_pair(e, ops::pow, {number_of(e, 2, scalar::f32), *x}, scalar::f32);
}
inline result<value> tangent(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  return done(apply(e, ops::div, apply(e, ops::sin, x), apply(e, ops::cos, x)));
}
/// Half of exp(x) as a product, which holds where exp(x) itself is too large.
inline step half_exp(emitter& e, const step& x, double sign) {
  const step root = apply(e, ops::exp, apply(e, ops::mul, x, number(e, sign / 2)));
  return apply(e, ops::mul, apply(e, ops::mul, root, number(e, 0.5)), root);
}
/// sinh and cosh: the last bits are not PyTorch's.
inline result<value> sinh(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), u = expm1_of(e, x);
  const step rest = apply(e, ops::div, u, apply(e, ops::add, u, number(e, 1)));
  const step near = apply(e, ops::mul, apply(e, ops::add, u, rest), number(e, 0.5)),
             far = apply(e, ops::sub, half_exp(e, x, 1), half_exp(e, x, -1)),
             size = apply(e, ops::abs, x);
  if (!size) return size.error();
  if (!near) return near.error();
  if (!far) return far.error();
  const auto small =
      emit_pair(e, ops::less, {*size, number_of(e, 1, scalar::f32)}, scalar::boolean);
  if (!small) return small;
  return chosen(e, *small->t, **near, **far);
}
inline result<value> cosh(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  return done(apply(e, ops::add, half_exp(e, x, 1), half_exp(e, x, -1)));
}
/// logaddexp(x, y): the larger one and log(1 + exp(-|x - y|)), equal infinities themselves.
inline result<value> logaddexp(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), y = real_argument(e, a, "other");
  const step apart = where_same(e, x, y, number(e, 0), apply(e, ops::sub, x, y));
  const step soft = apply(e, ops::softplus, apply(e, ops::neg, apply(e, ops::abs, apart)));
  return done(apply(e, ops::add, apply(e, ops::maximum, x, y), soft));
}
/// cosine_similarity(x, y, dim, eps).
inline result<value> cosine_similarity(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "x1"), y = real_argument(e, a, "x2");
  const std::int64_t dim = a.integer("dim");
  const double eps = a.real("eps");
  const step product = apply(e, ops::mul, x, y);
  if (!product) return product.error();
  const std::vector<std::int64_t> axes{static_cast<std::int64_t>(a.axis(dim, (*product)->rank()))};
  if (auto s = a.check(); !s) return s.error();
  if ((*x)->rank() != (*y)->rank()) return unsupported("ranks of the operands of " + a.name);
  const auto length = [&](const step& v) {
    const step norm = apply(e, ops::sqrt, summed(e, apply(e, ops::mul, v, v), axes, true));
    return apply(e, ops::div, v, apply(e, ops::maximum, norm, number(e, eps)));
  };
  return done(summed(e, apply(e, ops::mul, length(x), length(y)), axes, false));
}
/// pairwise_distance(x, y, p, eps, keepdim), p = 2: the norm of x - y + eps over the last axis.
inline result<value> pairwise_distance(emitter& e, arguments& a) {
  const double p = a.real("p"), eps = a.real("eps");
  const bool keep = a.boolean("keepdim");
  const step d =
      apply(e, ops::add, apply(e, ops::sub, real_argument(e, a, "x1"), real_argument(e, a, "x2")),
            number(e, eps));
  if (!d) return d.error();
  if (auto s = a.check(); !s) return s.error();
  if (p != 2 || (*d)->rank() < 1) return unsupported("p of " + a.name, std::to_string(p), "2");
  return done(apply(e, ops::sqrt, summed(e, apply(e, ops::mul, d, d), {(*d)->rank() - 1}, keep)));
}
/// cdist(x, y, p), p = 1 or 2: of each row of x to each of y. Where there are many rows PyTorch
/// takes squares apart: other last bits.
inline result<value> cdist(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "x1"), y = real_argument(e, a, "x2");
  const double p = a.real("p");
  if (!x) return x.error();
  if (!y) return y.error();
  if (auto s = a.check(); !s) return s.error();
  if ((p != 1 && p != 2) || (*x)->rank() < 2 || (*y)->rank() < 2)
    return unsupported("p of " + a.name, std::to_string(p), "1, 2, of tensors of 2 axes or more");
  auto rows = (*x)->size, columns = (*y)->size;
  rows.insert(rows.end() - 1, 1);
  columns.insert(columns.end() - 2, 1);
  const step d = apply(e, ops::sub, step_of(reshaped(e, **x, std::move(rows))),
                       step_of(reshaped(e, **y, std::move(columns))));
  if (!d) return d.error();
  const std::vector<std::int64_t> last{(*d)->rank() - 1};
  if (p == 1) return done(sum_in_order(e, apply(e, ops::abs, d), last, false));
  return done(apply(e, ops::sqrt, sum_of_squares(e, d, last, false)));
}
/// tril_indices(row, col, offset) and triu_indices: rows and columns of a triangle's elements.
template <bool Lower> result<value> triangle_indices(emitter& e, arguments& a) {
  const std::int64_t rows = a.small("row", a.integer("row")),
                     columns = a.small("col", a.integer("col")),
                     offset = a.small("offset", a.integer("offset"));
  if (auto s = a.check(); !s) return s.error();
  const auto type = type_argument(a, scalar::s64);
  if (!type) return type.error();
  const auto most = static_cast<std::int64_t>(most_made);
  if (rows < 0 || columns < 0 || (columns > 0 && rows > most / columns))
    return too_large("a tensor made by " + a.name);
  std::vector<double> numbers, second;
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j)
      if (Lower ? j - i <= offset : j - i >= offset) {
        numbers.push_back(static_cast<double>(i));
        second.push_back(static_cast<double>(j));
      }
  const auto n = static_cast<std::int64_t>(second.size());
  if (n == 0) return unsupported("no elements in " + a.name);
  numbers.insert(numbers.end(), second.begin(), second.end());
  return constant_tensor(e, numbers, {2, n}, *type);
}
/// rrelu(x, lower, upper, training): outside of training a leaky_relu by the mean of both.
inline result<value> rrelu(emitter& e, arguments& a) {
  const double low = a.real("lower"), high = a.real("upper");
  if (a.boolean("training")) return unsupported(a.name + " in training mode");
  const step x = real_argument(e, a, "self");
  if (auto s = a.check(); !s) return s.error();
  attributes attrs;
  attrs.set("alpha", numerics::div(numerics::add(low, high), 2.));
  return done(apply(e, ops::leaky_relu, x, std::move(attrs)));
}
/// clamp(x, low, high) of tensors.
inline result<value> clamp_any(emitter& e, arguments& a) {
  const auto is_tensor = [&](std::string_view bound) {
    return a[bound].is(kind::tensor) && !(a[bound].t->rank() == 0 && e.c.known(*a[bound].t));
  };
  if (!is_tensor("min") && !is_tensor("max")) return also_whole<&clamp>(e, a);
  arguments as = a;
  for (const bool least : {true, false}) {
    const std::string_view bound = least ? "min" : "max";
    if (as.none(bound)) continue;
    const auto next =
        least ? extreme_of<ops::maximum>(e, as, bound) : extreme_of<ops::minimum>(e, as, bound);
    if (!next) return next;
    as.replace("self", *next);
  }
  return as["self"];
}
/// How many of the rising boundaries are below each element; `right`: not above it.
inline result<value> counted_boundaries(emitter& e, arguments& a, std::string_view elements,
                                        std::string_view rising) {
  step x = real_argument(e, a, elements), limits = real_argument(e, a, rising);
  const bool right = a.boolean("right");
  const scalar type = a.boolean("out_int32") ? scalar::s32 : scalar::s64;
  if (!x) return x.error();
  if (!limits) return limits.error();
  if (auto s = a.check(); !s) return s.error();
  if ((*limits)->rank() != 1)
    return unsupported("boundaries of " + a.name, std::to_string((*limits)->rank()) + " axes", "1");
  const std::int64_t n = (*limits)->size[0];
  if (!right) {  // n less those that are not below: of negative numbers, not above
    arguments turned(e.c, a.name,
                     {{"self", value_of(**limits)}, {"dims", e.c.values.integers({0})}});
    const auto falling = flip(e, turned);
    if (!falling) return falling;
    x = apply(e, ops::neg, x), limits = apply(e, ops::neg, step(falling->t));
    if (!x) return x.error();
    if (!limits) return limits.error();
  }
  const auto in = e.held_as_is(**x), at = e.held(**limits, false);
  if (!in) return in.error();
  if (!at) return at.error();
  const tensor_id to = e.make(scalar::s32);
  if (auto s = e.emit(ops::bucketize, {*in, *at}, to); !s) return s.error();
  const value count = e.wrap(to, scalar::s32, !(*x)->constant() && (*x)->channels_inner,
                             suggests_channels_last(**x));
  const auto whole = cast_to(e, *count.t, type);
  if (!whole || right) return whole;
  return emit_pair(e, ops::sub, {number_of(e, static_cast<double>(n), type), whole->t}, type);
}
/// bucketize(x, boundaries, out_int32, right) and searchsorted(boundaries, x, out_int32, right).
inline result<value> bucketize(emitter& e, arguments& a) {
  return counted_boundaries(e, a, "self", "boundaries");
}
inline result<value> searchsorted(emitter& e, arguments& a) {
  if (!a.none("sorter") || !a.none("side")) return unsupported("sorter or side of " + a.name);
  return counted_boundaries(e, a, "self", "sorted_sequence");
}
/// broadcast_tensors(list): each repeated along the axes of all.
inline result<value> broadcast_tensors(emitter& e, arguments& a) {
  const value given = a["tensors"];
  if (!given.is_sequence()) return unsupported("the list of " + a.name);
  std::vector<const tensor_data*> list;
  for (const value& v : given.c->items) {
    if (!v.is(kind::tensor)) return unsupported("an element of the list of " + a.name);
    list.push_back(v.t);
  }
  const auto size = broadcast_extents(e, list);
  if (!size) return size.error();
  std::vector<value> out;
  for (const value& v : given.c->items) {
    const auto wide = expanded(e, *v.t, *size);
    if (!wide) return wide;
    out.push_back(*wide);
  }
  return e.c.values.list(std::move(out));
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_COMPOSED_HPP_
// ---- octet/import/torch/rows_windows.hpp
// Rows of windows that overlap and of elements by index: unfold, im2col, col2im, diagonal, gather,
// one_hot.
#ifndef OCTET_IMPORT_TORCH_ROWS_WINDOWS_HPP_
#define OCTET_IMPORT_TORCH_ROWS_WINDOWS_HPP_


OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

/// One axis in two: `index` names, row after row, the elements of [index.size() / width, width].
inline result<value> in_rows(emitter& e, tensor_data& x, std::size_t axis,
                             const std::vector<std::int64_t>& index, std::int64_t width) {
  if (index.size() > most_made) return too_large("windows of " + e.operator_name());
  if (auto s = e.c.build.make_constant(index.size() * sizeof(std::int64_t)); !s) return s.error();
  const auto elements = picked(e, x, axis, index);
  if (!elements) return elements;
  auto size = x.size;
  const auto count = static_cast<std::int64_t>(index.size());
  size[axis] = count / width;
  size.insert(size.begin() + static_cast<std::ptrdiff_t>(axis) + 1, width);
  return reshaped(e, *elements->t, std::move(size));
}
/// x.unfold(dimension, size, step): windows of an axis, their elements along a new last one; a
/// view.
inline result<value> unfold(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dimension"), width = a.integer("size"),
                     by = a.integer("step");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t n = x->size[axis];
  if (width < 1 || width > n || by < 1)
    return invalid("windows of " + a.name, std::to_string(width) + ", " + std::to_string(by));
  std::vector<std::int64_t> index;
  for (std::int64_t begin = 0; begin <= n - width; begin += std::min(by, n))
    for (std::int64_t i = 0; i < width; ++i) {
      if (index.size() > most_made) return too_large("windows of " + a.name);
      index.push_back(begin + i);
    }
  const auto rows = in_rows(e, *x, axis, index, width);
  if (!rows) return rows;
  std::vector<std::int64_t> order, stride = x->stride;
  for (int i = 0; i < rows->t->rank(); ++i)
    if (as_size(i) != axis + 1) order.push_back(i);
  order.push_back(static_cast<std::int64_t>(axis) + 1);
  stride.push_back(stride[axis]);
  stride[axis] *= std::min(by, n);
  const auto turned = permuted(e, *rows->t, order);
  if (!turned) return turned;
  return as_view(with_strides(e, *turned, std::move(stride)), *x);
}
/// diagonal(x, offset, dim1, dim2): the two axes as one last axis; a view.
inline result<value> diagonal(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(a.first());
  const std::int64_t offset = a.small("offset", a.integer("offset"));
  const std::int64_t first = a.integer("dim1"), second = a.integer("dim2");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t p = a.axis(first, x->rank()), q = a.axis(second, x->rank());
  if (auto s = a.check(); !s) return s.error();
  if (p == q) return invalid("axes of " + a.name, "the same twice");
  std::vector<std::int64_t> order, size, stride;
  for (int i = 0; i < x->rank(); ++i)
    if (as_size(i) != p && as_size(i) != q) {
      order.push_back(i);
      size.push_back(x->size[as_size(i)]), stride.push_back(x->stride[as_size(i)]);
    }
  order.push_back(static_cast<std::int64_t>(p)), order.push_back(static_cast<std::int64_t>(q));
  const auto turned = permuted(e, *x, order);
  if (!turned) return turned;
  const std::int64_t rows = x->size[p], columns = x->size[q],
                     row = std::max<std::int64_t>(-offset, 0),
                     column = std::max<std::int64_t>(offset, 0),
                     n = std::min(rows - row, columns - column);
  if (n < 1) return unsupported("an empty diagonal of " + a.name, std::to_string(offset));
  size.push_back(rows * columns);
  const auto flat = reshaped(e, *turned->t, std::move(size));
  if (!flat) return flat;
  std::vector<std::int64_t> index;
  for (std::int64_t i = 0; i < n; ++i) index.push_back((row + i) * columns + column + i);
  const auto v = picked(e, *flat->t, flat->t->size.size() - 1, index);
  if (!v) return v;
  stride.push_back(x->stride[p] + x->stride[q]);
  return as_view(with_strides(e, *v, std::move(stride)), *x,
                 row * x->stride[p] + column * x->stride[q]);
}

// ---- windows of images ----

/// Of height and width each.
struct window_numbers {
  std::array<std::int32_t, 2> kernel{}, dilation{}, padding{}, stride{}, image{}, count{};
};
inline result<window_numbers> windows_argument(arguments& a, std::int64_t height,
                                               std::int64_t width) {
  window_numbers w;
  w.kernel = a.pair("kernel_size", {1, 1}), w.dilation = a.pair("dilation", {1, 1});
  w.padding = a.pair("padding", {0, 0}), w.stride = a.pair("stride", {1, 1});
  w.image = {a.small("kernel_size", height), a.small("kernel_size", width)};
  if (auto s = a.check(); !s) return s.error();
  for (std::size_t k = 0; k < 2; ++k) {
    if (w.kernel[k] < 1 || w.dilation[k] < 1 || w.padding[k] < 0 || w.stride[k] < 1)
      return invalid("windows of " + a.name);
    const std::int64_t reach = std::int64_t{w.dilation[k]} * (w.kernel[k] - 1) + 1,
                       room = std::int64_t{w.image[k]} + 2 * std::int64_t{w.padding[k]} - reach;
    if (room < 0) return invalid("windows of " + a.name + " larger than the image");
    w.count[k] = static_cast<std::int32_t>(room / w.stride[k] + 1);
  }
  return w;
}
/// With an axis of images, if it has none.
inline result<value> as_images(emitter& e, tensor_data& x, std::size_t rank) {
  auto size = x.size;
  if (size.size() + 1 == rank) size.insert(size.begin(), 1);
  if (size.size() != rank)
    return invalid("input of " + e.operator_name(), std::to_string(x.rank()) + " axes",
                   std::to_string(rank - 1) + ", " + std::to_string(rank));
  return reshaped(e, x, std::move(size));
}
/// im2col(x, kernel, dilation, padding, stride), which nn.Unfold is: [N, C * kh * kw, windows].
inline result<value> im2col(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const auto images = as_images(e, *x, 4);
  if (!images) return images;
  auto size = images->t->size;
  const auto w = windows_argument(a, size[2], size[3]);
  if (!w) return w.error();
  auto v = padded(e, a, *images->t, {w->padding[1], w->padding[1], w->padding[0], w->padding[0]},
                  "constant", 0);
  for (const std::size_t k : {std::size_t{1}, std::size_t{0}}) {
    std::vector<std::int64_t> index;
    if (std::int64_t{w->kernel[k]} * w->count[k] > static_cast<std::int64_t>(most_made))
      return too_large("windows of " + a.name);
    for (std::int64_t i = 0; i < w->kernel[k]; ++i)
      for (std::int64_t o = 0; o < w->count[k]; ++o)
        index.push_back(i * w->dilation[k] + o * w->stride[k]);
    if (v) v = in_rows(e, *v->t, 2 + k, index, w->count[k]);
  }
  if (v) v = permuted(e, *v->t, {0, 1, 2, 4, 3, 5});  // [N, C, kh, oh, kw, ow]
  if (!v) return v;
  std::vector<std::int64_t> result{size[0], size[1] * w->kernel[0] * w->kernel[1],
                                   std::int64_t{w->count[0]} * w->count[1]};
  if (x->rank() == 3) result.erase(result.begin());
  return as_contiguous(e, reshaped(e, *v->t, std::move(result)));
}
/// For each pixel of the image the window that covers it with tap (p, q); `none` where there is
/// none.
inline std::vector<std::int64_t> windows_at(const window_numbers& w, std::int64_t p, std::int64_t q,
                                            std::int64_t none) {
  std::vector<std::int64_t> index;
  for (std::int64_t y = 0; y < w.image[0]; ++y)
    for (std::int64_t x = 0; x < w.image[1]; ++x) {
      const std::int64_t at[] = {y + w.padding[0] - p * w.dilation[0],
                                 x + w.padding[1] - q * w.dilation[1]};
      std::int64_t window = 0;
      for (std::size_t k = 0; k < 2; ++k) {
        const bool inside = at[k] >= 0 && at[k] % w.stride[k] == 0 &&
                            at[k] / w.stride[k] < w.count[k] && window != none;
        window = inside ? window * w.count[k] + at[k] / w.stride[k] : none;
      }
      index.push_back(window);
    }
  return index;
}
/// col2im(x, output_size, kernel, dilation, padding, stride), which nn.Fold is: the taps of all
/// windows, added tap after tap.
inline result<value> col2im(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  const auto image = a.pair("output_size", {0, 0});
  if (!x) return x.error();
  const auto w = windows_argument(a, image[0], image[1]);
  if (!w) return w.error();
  const auto columns = as_images(e, **x, 3);
  if (!columns) return columns;
  const auto size = columns->t->size;
  const std::int64_t taps = std::int64_t{w->kernel[0]} * w->kernel[1],
                     windows = std::int64_t{w->count[0]} * w->count[1],
                     pixels = std::int64_t{image[0]} * image[1];
  if (size[1] % taps != 0 || size[2] != windows) return invalid("input of " + a.name);
  if (taps * pixels > static_cast<std::int64_t>(most_made)) return too_large("image of " + a.name);
  const std::int64_t n = size[0], c = size[1] / taps;
  // A window of zeros, for pixels that a tap does not reach.
  const auto wider = padded(e, a, *columns->t, {0, 1}, "constant", 0);
  if (!wider) return wider;
  const auto by_tap = reshaped(e, *wider->t, {n, c, taps, windows + 1});
  if (!by_tap) return by_tap;
  step sum = number(e, 0);
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    const step one = step_of(sliced(e, *by_tap->t, 2, tap, 1));
    if (!one) return one.error();
    if (auto s = e.c.build.make_constant(as_size(pixels) * sizeof(std::int64_t)); !s)
      return s.error();
    sum = apply(e, ops::add, sum,
                step_of(picked(e, **one, 3,
                               windows_at(*w, tap / w->kernel[1], tap % w->kernel[1], windows))));
  }
  if (!sum) return sum.error();
  std::vector<std::int64_t> result{n, c, image[0], image[1]};
  if ((*x)->rank() == 2) result.erase(result.begin());
  return as_contiguous(e, reshaped(e, **sum, std::move(result)));
}

// ---- elements by index ----

/// gather(x, dim, index): x[.., index[.., i, ..], ..], the other places those of the index.
inline result<value> gather_elements(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *index = a.tensor("index");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  e.take_as_indices(*index);
  if (index->type != scalar::s64 || index->rank() != x->rank() || x->rank() == 0)
    return unsupported("index of " + a.name, std::string(name_of(index->type)),
                       "int64 of as many axes as the input");
  const auto steps = contiguous_strides(x->size);
  if (index->elements() > static_cast<std::int64_t>(most_made))
    return too_large("index of " + a.name);
  std::vector<double> places;  // of the other axes
  for (std::int64_t i = 0; i < index->elements(); ++i) {
    std::int64_t rest = i, place = 0;
    for (std::size_t k = index->size.size(); k-- > 0;) {
      if (k != axis) place += rest % index->size[k] * steps[k];
      rest /= index->size[k];
    }
    places.push_back(static_cast<double>(place));
  }
  if (places.empty()) return unsupported("an empty index of " + a.name);
  const auto others = constant_tensor(e, places, index->size, scalar::s64);
  if (!others) return others;
  const auto along =
      emit_pair(e, ops::mul, {index, number_of(e, static_cast<double>(steps[axis]), scalar::s64)},
                scalar::s64);
  if (!along) return along;
  const auto at = emit_pair(e, ops::add, {along->t, others->t}, scalar::s64);
  if (!at) return at;
  const auto line = reshaped(e, *x, {x->elements()});
  if (!line) return line;
  const auto flat = reshaped(e, *at->t, {index->elements()});
  if (!flat) return flat;
  const auto taken = gathered(e, *line->t, *flat->t, 0);
  if (!taken) return taken;
  return as_contiguous(e, reshaped(e, *taken->t, index->size));
}
/// take_along_dim(x, index, dim): gather, where the other extents are the same.
inline result<value> take_along(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *index = a.tensor("indices");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  auto size = x->size;
  if (index->rank() == x->rank()) size[axis] = index->size[axis];
  if (size != index->size)
    return unsupported("extents of the index of " + a.name, {}, "those of the input but for dim");
  arguments as(e.c, a.name, {{"self", a["self"]}, {"dim", a["dim"]}, {"index", a["indices"]}});
  return gather_elements(e, as);
}
/// one_hot(index, classes): 1 at each index along a new last axis, else 0.
inline result<value> one_hot(emitter& e, arguments& a) {
  tensor_data* index = a.tensor("self");
  const std::int64_t classes = a.integer("num_classes");
  if (auto s = a.check(); !s) return s.error();
  e.take_as_indices(*index);
  if (index->type != scalar::s64)
    return unsupported("index of " + a.name, std::string(name_of(index->type)), "int64");
  if (classes < 1 || classes > static_cast<std::int64_t>(most_made))
    return unsupported("classes of " + a.name, std::to_string(classes),
                       "a number that the program gives");
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < classes; ++i) numbers.push_back(static_cast<double>(i));
  const auto each = constant_tensor(e, numbers, {classes}, scalar::s64);
  if (!each) return each;
  auto size = index->size;
  size.push_back(1);
  const auto column = reshaped(e, *index, std::move(size));
  if (!column) return column;
  const auto is = emit_pair(e, ops::equal, {column->t, each->t}, scalar::boolean);
  if (!is) return is;
  return as_contiguous(e, cast_to(e, *is->t, scalar::s64));
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_WINDOWS_HPP_

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

// ---- products ----

/// addmv(x, matrix, vector, beta, alpha).
inline result<value> addmv(emitter& e, arguments& a) { return added_product(e, a, "mat", "vec"); }
/// addbmm(x, batch1, batch2, beta, alpha): the products of all pairs added.
inline result<value> addbmm(emitter& e, arguments& a) {
  const double beta = a.real("beta"), alpha = a.real("alpha");
  const step x = real_argument(e, a, "self");
  step y = matrix_product(e, real_argument(e, a, "batch1"), real_argument(e, a, "batch2"));
  if (y) y = sum_in_order(e, y, {0}, false);
  if (alpha != 1) y = apply(e, ops::mul, y, number(e, alpha));
  if (beta == 0) return done(y);
  return done(apply(e, ops::add, beta == 1 ? x : apply(e, ops::mul, x, number(e, beta)), y));
}
/// Two vectors as the matrix of their products.
inline step outer_of(emitter& e, const step& x, const step& y) {
  if (!x) return x;
  if (!y) return y;
  const step column = step_of(reshaped(e, **x, {(*x)->elements(), 1}));
  return apply(e, ops::mul, column, y);
}
/// addr(x, vec1, vec2, beta, alpha).
inline result<value> addr(emitter& e, arguments& a) {
  const double beta = a.real("beta"), alpha = a.real("alpha");
  const step x = real_argument(e, a, "self");
  step y = outer_of(e, real_argument(e, a, "vec1"), real_argument(e, a, "vec2"));
  if (alpha != 1) y = apply(e, ops::mul, y, number(e, alpha));
  if (beta == 0) return done(y);
  return done(apply(e, ops::add, beta == 1 ? x : apply(e, ops::mul, x, number(e, beta)), y));
}
/// x and y with the named axes, as many of each, summed over their products.
inline result<value> contracted(emitter& e, const step& x, const step& y,
                                const std::vector<std::int64_t>& of_x,
                                const std::vector<std::int64_t>& of_y) {
  if (!x) return x.error();
  if (!y) return y.error();
  const auto rest = [](const tensor_data& t, const std::vector<std::int64_t>& axes) {
    std::vector<std::int64_t> left;
    for (int i = 0; i < t.rank(); ++i)
      if (std::find(axes.begin(), axes.end(), i) == axes.end()) left.push_back(i);
    return left;
  };
  auto left = rest(**x, of_x), right = of_y;
  std::vector<std::int64_t> size;
  std::int64_t summed_over = 1;
  for (const std::int64_t i : left) size.push_back((*x)->size[as_size(i)]);
  for (const std::int64_t i : rest(**y, of_y)) {
    right.push_back(i);
    size.push_back((*y)->size[as_size(i)]);
  }
  for (std::size_t k = 0; k < of_x.size(); ++k) {
    const std::int64_t n = (*x)->size[as_size(of_x[k])];
    if (n != (*y)->size[as_size(of_y[k])]) return invalid("extents of " + e.operator_name());
    summed_over *= n;
    left.push_back(of_x[k]);
  }
  const auto p = permuted(e, **x, left), q = permuted(e, **y, right);
  if (!p) return p;
  if (!q) return q;
  const step rows = step_of(reshaped(e, *p->t, {-1, summed_over})),
             columns = step_of(reshaped(e, *q->t, {summed_over, -1}));
  const step product = matrix_product(e, rows, columns);
  if (!product) return product.error();
  return reshaped(e, **product, std::move(size));
}
/// tensordot(x, y, axes of x, axes of y).
inline result<value> tensordot(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), y = real_argument(e, a, "other");
  if (!x) return x.error();
  if (!y) return y.error();
  const auto of_x = axes_argument(a, "dims_self", **x), of_y = axes_argument(a, "dims_other", **y);
  if (auto s = a.check(); !s) return s.error();
  if (of_x.size() != of_y.size()) return invalid("axes of " + a.name);
  return contracted(e, x, y, of_x, of_y);
}
/// inner(x, y): over the last axis of each.
inline result<value> inner_product(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), y = real_argument(e, a, "other");
  if (!x) return x.error();
  if (!y) return y.error();
  if ((*x)->rank() == 0 || (*y)->rank() == 0) return done(apply(e, ops::mul, x, y));
  return contracted(e, x, y, {(*x)->rank() - 1}, {(*y)->rank() - 1});
}
/// bilinear(x, y, weight, bias): over the last axis of each, weights [O, I, J].
inline result<value> bilinear(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "input1"), y = real_argument(e, a, "input2"),
             w = real_argument(e, a, "weight");
  if (!x) return x.error();
  if (!y) return y.error();
  if (!w) return w.error();
  const int rank = (*x)->rank();
  if ((*w)->rank() != 3 || rank == 0 || (*y)->rank() != rank)
    return unsupported("ranks of " + a.name, std::to_string(rank));
  const auto rows = contracted(e, x, w, {rank - 1}, {1});  // [..., O, J]
  if (!rows) return rows;
  auto size = (*y)->size;
  size.insert(size.end() - 1, 1);
  const step product = apply(e, ops::mul, step_of(rows), step_of(reshaped(e, **y, size)));
  const step sum = sum_in_order(e, product, {rank}, false);
  if (a.none("bias")) return done(sum);
  return done(apply(e, ops::add, sum, real_argument(e, a, "bias")));
}
/// kron(x, y): blocks of y times each element of x.
inline result<value> kron(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), y = real_argument(e, a, "other");
  if (!x) return x.error();
  if (!y) return y.error();
  const auto rank = as_size(std::max((*x)->rank(), (*y)->rank()));
  std::vector<std::int64_t> of_x, of_y, size;
  for (std::size_t i = 0; i < rank; ++i) {
    const auto extent = [&](const tensor_data& t) {
      const std::size_t first = rank - t.size.size();
      return i < first ? std::int64_t{1} : t.size[i - first];
    };
    of_x.insert(of_x.end(), {extent(**x), 1});
    of_y.insert(of_y.end(), {1, extent(**y)});
    size.push_back(extent(**x) * extent(**y));
  }
  const step v = apply(e, ops::mul, step_of(reshaped(e, **x, std::move(of_x))),
                       step_of(reshaped(e, **y, std::move(of_y))));
  if (!v) return v.error();
  return reshaped(e, **v, std::move(size));
}
/// cross(x, y, dim) and linalg_cross: of three elements along an axis; without one the first axis
/// of three.
inline result<value> cross(emitter& e, arguments& a) {
  const step x = real_argument(e, a, a.first()), y = real_argument(e, a, "other");
  if (!x) return x.error();
  if (!y) return y.error();
  std::size_t axis = (*x)->size.size();
  if (a.none("dim"))
    axis = static_cast<std::size_t>(std::find((*x)->size.begin(), (*x)->size.end(), 3) -
                                    (*x)->size.begin());
  else
    axis = a.axis(a.integer("dim"), (*x)->rank());
  if (auto s = a.check(); !s) return s.error();
  if (axis >= (*x)->size.size() || (*x)->size[axis] != 3 || (*y)->rank() != (*x)->rank() ||
      (*y)->size[axis] != 3)
    return invalid("operands of " + a.name);
  const auto turned = [&](const step& v, std::int64_t by) {
    return step_of(picked(e, **v, axis, {by % 3, (by + 1) % 3, (by + 2) % 3}));
  };
  const step first = apply(e, ops::mul, turned(x, 1), turned(y, 2)),
             second = apply(e, ops::mul, turned(x, 2), turned(y, 1));
  return done(apply(e, ops::sub, first, second));
}
/// trace(x): the sum of the diagonal.
inline result<value> trace(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  if (!x) return x.error();
  if ((*x)->rank() != 2) return invalid("rank of the input of " + a.name);
  arguments of(e.c, a.name,
               {{"self", value_of(**x)},
                {"offset", value::of(std::int64_t{0})},
                {"dim1", value::of(std::int64_t{0})},
                {"dim2", value::of(std::int64_t{1})}});
  const auto line = diagonal(e, of);
  if (!line) return line;
  return done(sum_in_order(e, line->t, {0}, false));
}
/// Elements of the last axis on a diagonal of matrices that are 0 elsewhere.
inline result<value> on_diagonal(emitter& e, tensor_data& x, std::int64_t offset) {
  const std::int64_t n = x.size.back(), edge = n + std::abs(offset);
  constexpr auto most = static_cast<std::int64_t>(most_made);
  if (edge > most || edge * edge > most ||
      edge * edge * std::max<std::int64_t>(x.elements() / std::max<std::int64_t>(n, 1), 1) > most)
    return too_large("result of " + e.operator_name());
  std::vector<double> is;
  std::vector<std::int64_t> from;
  for (std::int64_t i = 0; i < edge * edge; ++i) {
    const std::int64_t row = i / edge, k = row - std::max<std::int64_t>(-offset, 0);
    const bool on = i % edge - row == offset && k >= 0 && k < n;
    is.push_back(on ? 1 : 0), from.push_back(on ? k : 0);
  }
  if (auto s = e.c.build.make_constant(from.size() * sizeof(std::int64_t)); !s) return s.error();
  auto size = x.size;
  size.back() = edge, size.push_back(edge);
  const auto all = picked(e, x, x.size.size() - 1, from);
  if (!all) return all;
  const auto matrices = reshaped(e, *all->t, std::move(size));
  if (!matrices) return matrices;
  const auto mask = constant_tensor(e, is, {edge, edge}, scalar::boolean);
  if (!mask) return mask;
  return as_contiguous(e, chosen(e, *mask->t, *matrices->t, *number_of(e, 0, x.type)));
}
/// diag_embed(x, offset), of the last two axes.
inline result<value> diag_embed(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t offset = a.small("offset", a.integer("offset"));
  const std::int64_t first = a.integer("dim1"), second = a.integer("dim2");
  if (auto s = a.check(); !s) return s.error();
  if (first != -2 || second != -1 || x->rank() == 0 || is_quantized(x->type))
    return unsupported("axes of " + a.name, std::to_string(first) + ", " + std::to_string(second),
                       "-2, -1");
  return on_diagonal(e, *x, offset);
}
/// diag(x, offset): of a line a matrix, of a matrix its diagonal.
inline result<value> diag(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t offset = a.small("diagonal", a.integer("diagonal"));
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() == 1 && !is_quantized(x->type)) return on_diagonal(e, *x, offset);
  if (x->rank() != 2) return invalid("rank of the input of " + a.name);
  arguments of(e.c, a.name,
               {{"self", value_of(*x)},
                {"offset", value::of(offset)},
                {"dim1", value::of(std::int64_t{0})},
                {"dim2", value::of(std::int64_t{1})}});
  return diagonal(e, of);
}

// ---- elements against each other ----

/// isclose(x, y, rtol, atol).
inline result<value> isclose(emitter& e, arguments& a) {
  const double relative = a.real("rtol"), absolute_by = a.real("atol");
  const step x = real_argument(e, a, "self"), y = real_argument(e, a, "other");
  if (auto s = a.check(); !s) return s.error();
  const step room = apply(e, ops::add, number(e, absolute_by),
                          apply(e, ops::mul, number(e, relative), apply(e, ops::abs, y))),
             apart = apply(e, ops::abs, apply(e, ops::sub, x, y));
  if (!room) return room.error();
  if (!apart) return apart.error();
  const auto same = same_number(e, x, y);
  const auto near = emit_pair(e, ops::less_equal, {*apart, *room}, scalar::boolean);
  const auto finite = emit_pair(e, ops::less, {*apart, *number(e, infinity)}, scalar::boolean);
  if (!same) return same;
  if (!near) return near;
  if (!finite) return finite;
  const auto both = emit_pair(e, ops::logical_and, {near->t, finite->t}, scalar::boolean);
  if (!both) return both;
  return emit_pair(e, ops::logical_or, {same->t, both->t}, scalar::boolean);
}
/// isin(x, list): is an element one of the list's?
inline result<value> isin(emitter& e, arguments& a) {
  const auto both = pair_of(e, a, "elements", "test_elements", false);
  const bool inverted = a.boolean("invert");
  if (!both) return both.error();
  if (auto s = a.check(); !s) return s.error();
  tensor_data &x = *(*both)[0], &list = *(*both)[1];
  auto size = x.size;
  size.push_back(1);
  const auto column = reshaped(e, x, std::move(size)), line = reshaped(e, list, {list.elements()});
  if (!column) return column;
  if (!line) return line;
  const auto is = emit_pair(e, ops::equal, {column->t, line->t}, scalar::boolean);
  if (!is) return is;
  const auto any = reduced(e, *is->t, ops::reduce_any, {is->t->rank() - 1}, false);
  if (!any || !inverted) return any;
  return emit_pair(e, ops::equal, {any->t, number_of(e, 0, scalar::boolean)}, scalar::boolean);
}
template <int Sign> result<value> is_infinity(emitter& e, arguments& a) {
  return same_number(e, real_argument(e, a, "self"), number(e, Sign * infinity));
}
/// fmax and fmin: of a number and none the number.
template <const op_def& Op> result<value> extreme_number(emitter& e, arguments& a) {
  const auto both = pair_of(e, a, "self", "other", true);
  if (!both) return both.error();
  const step x = (*both)[0], y = (*both)[1];
  const step of_two = apply(e, Op, x, y);
  return done(where_same(e, y, y, where_same(e, x, x, of_two, y), x));
}
/// rad2deg and deg2rad.
template <bool Degrees> result<value> angle(emitter& e, arguments& a) {
  return done(apply(e, ops::mul, real_argument(e, a, "self"),
                    number(e, Degrees ? 57.295779513082320876798154814105170332405472466564
                                      : 0.017453292519943295769236907684886127134428718885417)));
}
/// hypot(x, y); the last bit is not PyTorch's.
inline result<value> hypot(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), y = real_argument(e, a, "other");
  return done(
      apply(e, ops::sqrt, apply(e, ops::add, apply(e, ops::mul, x, x), apply(e, ops::mul, y, y))));
}
/// logit(x, eps): log(x / (1 - x)), x held within eps and 1 - eps; the last bit is not PyTorch's.
inline result<value> logit(emitter& e, arguments& a) {
  step x = real_argument(e, a, "self");
  if (!a.none("eps")) {
    const double eps = a.real("eps");
    x = apply(e, ops::minimum, apply(e, ops::maximum, x, number(e, eps)),
              number(e, numerics::sub(1., eps)));
  }
  if (auto s = a.check(); !s) return s.error();
  return done(apply(e, ops::log, apply(e, ops::div, x, apply(e, ops::sub, number(e, 1), x))));
}
/// heaviside(x, values): 0 below 0, 1 above, the values at 0.
inline result<value> heaviside(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self"), at_zero = real_argument(e, a, "values");
  if (!x) return x.error();
  const auto above = emit_pair(e, ops::greater, {*x, *number(e, 0)}, scalar::boolean);
  if (!above) return above;
  const step side = step_of(chosen(e, *above->t, **number(e, 1), **number(e, 0)));
  return done(where_same(e, x, number(e, 0), at_zero, side));
}
/// nansum(x, dim, keepdim) and nanmean: what is no number is left out.
template <bool Mean> result<value> without_nan(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  const bool keep = a.boolean("keepdim");
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  const auto axes = axes_or_all(a, "dim", **x);
  if (auto s = a.check(); !s) return s.error();
  const step sums = summed(e, where_same(e, x, x, x, number(e, 0)), axes, keep);
  if (!Mean) return done(sums);
  const auto is = same_number(e, x, x);
  if (!is) return is;
  return done(apply(e, ops::div, sums, summed(e, real_value(e, *is->t), axes, keep)));
}
/// round(x, decimals).
inline result<value> round_to(emitter& e, arguments& a) {
  const std::int64_t decimals = a.small("decimals", a.integer("decimals"));
  if (decimals == 0) return rounded<ops::round>(e, a);
  const step x = real_argument(e, a, "self");
  if (auto s = a.check(); !s) return s.error();
  if (decimals < -30 || decimals > 30)
    return unsupported("decimals of " + a.name, std::to_string(decimals), "-30 to 30");
  double ten = 1;
  for (std::int64_t k = 0; k < std::abs(decimals); ++k) ten *= 10;
  const op_def &first = decimals > 0 ? ops::mul : ops::div,
               &last = decimals > 0 ? ops::div : ops::mul;
  return done(
      apply(e, last, apply(e, ops::round, apply(e, first, x, number(e, ten))), number(e, ten)));
}

// ---- running extremes ----

/// Where the element of `later` takes the place of the one before: it is no number, or the other is
/// one and not beyond it.
template <const op_def& NotBelow>
inline result<value> takes_over(emitter& e, tensor_data& later, tensor_data& before) {
  const auto least = emit_pair(e, NotBelow, {&later, &before}, scalar::boolean);
  if (!least || later.type != scalar::f32) return least;
  const auto none = emit_pair(e, ops::not_equal, {&later, &later}, scalar::boolean);
  if (!none) return none;
  return emit_pair(e, ops::logical_or, {least->t, none->t}, scalar::boolean);
}
/// cummax(x, dim) and cummin: the extreme so far and its place, the last one of equal ones. Each
/// round joins runs of twice the length.
template <const op_def& NotBelow> result<value> running_extreme(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  if (x->type != scalar::f32 && x->type != scalar::s64 && x->type != scalar::s32)
    return unsupported("input of " + a.name, std::string(name_of(x->type)),
                       "float32, int64, int32");
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t n = x->size[axis];
  if (n > static_cast<std::int64_t>(most_made)) return too_large("input of " + a.name);
  std::vector<double> numbers;
  std::vector<std::int64_t> line(x->size.size(), 1);
  for (std::int64_t i = 0; i < n; ++i) numbers.push_back(static_cast<double>(i));
  line[axis] = n;
  const auto places = constant_tensor(e, numbers, line, scalar::s64);
  if (!places) return places;
  auto place = expanded(e, *places->t, x->size);
  result<value> most = value_of(*x);
  for (std::int64_t run = 1; run < n; run *= 2) {
    if (!place) return place;
    std::vector<std::int64_t> from;
    for (std::int64_t i = 0; i < n; ++i) from.push_back(std::max<std::int64_t>(i - run, 0));
    const auto before = picked(e, *most->t, axis, from), at = picked(e, *place->t, axis, from);
    if (!before) return before;
    if (!at) return at;
    const auto takes = takes_over<NotBelow>(e, *most->t, *before->t);
    if (!takes) return takes;
    most = chosen(e, *takes->t, *most->t, *before->t);
    place = chosen(e, *takes->t, *place->t, *at->t);
    if (!most) return most;
  }
  const auto values = as_contiguous(e, most), indices = as_contiguous(e, place);
  if (!values) return values;
  if (!indices) return indices;
  return e.c.values.list({*values, *indices}, kind::tuple);
}

// ---- Einstein sums ----

inline step einsum_operand_of(emitter& e, step x, const einsum_operand& o) {
  if (x && !o.sum.empty()) x = summed(e, x, o.sum, false);
  if (!x) return x;
  const auto turned = permuted(e, **x, o.order);
  if (!turned) return turned.error();
  return o.matrices.empty() ? step_of(turned) : step_of(reshaped(e, *turned->t, o.matrices));
}
/// einsum(equation, operands): labels that operands have and nothing later has are summed over in
/// matrix products, from the first operand to the last.
inline result<value> einsum(emitter& e, arguments& a) {
  const value equation = a["equation"], operands = a["tensors"];
  if (!equation.is(kind::string) || !operands.is_sequence() || operands.c->items.empty())
    return invalid("arguments of " + a.name);
  std::vector<step> in;
  std::vector<std::vector<std::int64_t>> shapes;
  for (const value& v : operands.c->items) {
    if (!v.is(kind::tensor)) return invalid("operand of " + a.name);
    in.push_back(real_value(e, *v.t));
    if (!in.back()) return in.back().error();
    shapes.push_back((*in.back())->size);
  }
  const auto plan = plan_einsum(equation.c->text, shapes);
  if (!plan) return plan.error();
  for (const import::einsum_diagonal& d : plan->diagonals) {
    arguments of(e.c, a.name,
                 {{"self", value_of(**in[d.operand])},
                  {"offset", value::of(std::int64_t{0})},
                  {"dim1", value::of(d.axes[0])},
                  {"dim2", value::of(d.axes[1])}});
    in[d.operand] = step_of(diagonal(e, of));
    if (!in[d.operand]) return in[d.operand].error();
  }
  if (in.size() == 1) return done(einsum_operand_of(e, in[0], plan->alone));
  step y = in[0];
  for (std::size_t k = 1; k < in.size(); ++k) {
    const import::einsum_product& p = plan->products[k - 1];
    y = matrix_product(e, einsum_operand_of(e, y, p.left), einsum_operand_of(e, in[k], p.right));
    if (!y) return y.error();
    const auto v = reshaped(e, **y, p.extents);
    if (!v) return v;
    y = step_of(permuted(e, *v->t, p.order));
  }
  return done(y);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_ALGEBRA_HPP_
// ---- octet/import/torch/rows_bits.hpp
// Rows that work on the bits of whole numbers: and, or, xor, not, shifts. Bools have and, or, not.
#ifndef OCTET_IMPORT_TORCH_ROWS_BITS_HPP_
#define OCTET_IMPORT_TORCH_ROWS_BITS_HPP_


OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

inline bool has_bits(scalar s) { return kind_of_number(s) == 1 && s != scalar::unknown; }
/// One node on int64 values.
inline result<value> whole(emitter& e, const op_def& op, const result<value>& x,
                           const result<value>& y) {
  if (!x) return x;
  if (!y) return y;
  return emit_pair(e, op, {x->t, y->t}, scalar::s64);
}
inline result<value> whole_number(emitter& e, double v) {
  return value_of(*number_of(e, v, scalar::s64));
}
/// x & y of values whose sum int64 holds: x + y = (x ^ y) + 2 (x & y).
inline result<value> common_bits(emitter& e, const result<value>& x, const result<value>& y) {
  const auto twice = whole(e, ops::sub, whole(e, ops::add, x, y), whole(e, ops::bitwise_xor, x, y));
  return whole(e, ops::floor_div, twice, whole_number(e, 2));
}
/// x & y of any int64: the halves, 32 bits each, on their own.
inline result<value> common_bits_of_halves(emitter& e, const result<value>& x,
                                           const result<value>& y) {
  constexpr double half = 4294967296.;
  const auto part = [&](const result<value>& v, const op_def& op) {
    return whole(e, op, v, whole_number(e, half));
  };
  const auto high = common_bits(e, part(x, ops::floor_div), part(y, ops::floor_div));
  const auto low = common_bits(e, part(x, ops::floor_mod), part(y, ops::floor_mod));
  return whole(e, ops::add, whole(e, ops::mul, high, whole_number(e, half)), low);
}
/// Two operands as int64, and the element type that their result has.
struct bit_operands {
  result<value> x, y;
  scalar type = scalar::s64;
};
inline result<bit_operands> bits_of(emitter& e, arguments& a,
                                    const std::array<tensor_data*, 2>& both) {
  const scalar type = both[0]->type;
  if (!has_bits(type))
    return unsupported("operands of " + a.name, std::string(name_of(type)),
                       "bool, int64, int32, int16, int8, uint8");
  for (std::string_view parameter : {"self", "other"}) {  // numbers are read as float64
    if (!a.has(parameter) || !a[parameter].is(kind::integer)) continue;
    constexpr std::int64_t most = std::int64_t{1} << 53;
    if (const std::int64_t n = a[parameter].i; n < -most || n > most)
      return unsupported("a number in " + a.name, std::to_string(n), "at most 2^53");
  }
  return bit_operands{cast_to(e, *both[0], scalar::s64), cast_to(e, *both[1], scalar::s64), type};
}
inline result<value> from_bits(emitter& e, const result<value>& v, scalar type) {
  if (!v) return v;
  return cast_to(e, *v->t, type);
}
/// and, or of bools; of whole numbers bit by bit.
template <bool And> result<value> bitwise(emitter& e, arguments& a) {
  const auto both = pair_of(e, a, "self", "other", false);
  if (!both) return both.error();
  if ((*both)[0]->type == scalar::boolean)
    return emit_pair(e, And ? ops::logical_and : ops::logical_or, *both, scalar::boolean);
  const auto b = bits_of(e, a, *both);
  if (!b) return b.error();
  const auto common =
      b->type == scalar::s64 ? common_bits_of_halves(e, b->x, b->y) : common_bits(e, b->x, b->y);
  if (And) return from_bits(e, common, b->type);
  return from_bits(e, whole(e, ops::add, whole(e, ops::bitwise_xor, b->x, b->y), common), b->type);
}
inline result<value> bitwise_xor(emitter& e, arguments& a) {
  const auto both = pair_of(e, a, "self", "other", false);
  if (!both) return both.error();
  if ((*both)[0]->type == scalar::boolean)
    return emit_pair(e, ops::not_equal, *both, scalar::boolean);
  const auto b = bits_of(e, a, *both);
  if (!b) return b.error();
  return from_bits(e, whole(e, ops::bitwise_xor, b->x, b->y), b->type);
}
inline result<value> bitwise_not(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  if (x->type == scalar::boolean)
    return emit_pair(e, ops::equal, {x, number_of(e, 0, scalar::boolean)}, scalar::boolean);
  const auto b = bits_of(e, a, {x, x});
  if (!b) return b.error();
  return from_bits(e, whole(e, ops::bitwise_xor, b->x, whole_number(e, -1)), b->type);
}
/// x << n, x >> n by a number: a product, which wraps, and a quotient rounded down.
template <bool Left> result<value> shifted_bits(emitter& e, arguments& a) {
  const given_operand n = operand_given(e, a, "other");
  if (auto s = a.check(); !s) return s.error();
  const auto both = pair_of(e, a, "self", "other", false);
  if (!both) return both.error();
  const auto b = bits_of(e, a, *both);
  if (!b) return b.error();
  const double most = static_cast<double>(size_of(dtype_of_scalar(b->type)) * 8 - 1);
  if (n.t || !(n.number >= 0 && n.number < most))
    return unsupported("bits of " + a.name, n.t ? "a tensor" : std::to_string(n.number),
                       "a number from 0 to " + std::to_string(static_cast<int>(most) - 1));
  const auto factor =
      whole_number(e, static_cast<double>(std::int64_t{1} << static_cast<int>(n.number)));
  return from_bits(e, whole(e, Left ? ops::mul : ops::floor_div, b->x, factor), b->type);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_BITS_HPP_
// ---- octet/import/torch/rows_embedding.hpp
// Rows of embeddings: float32 and quantized tables, rows and bags of rows.
#ifndef OCTET_IMPORT_TORCH_ROWS_EMBEDDING_HPP_
#define OCTET_IMPORT_TORCH_ROWS_EMBEDDING_HPP_


OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

/// The codes of a table [rows, width], one to a byte.
inline result<constant_data> codes_of_table(emitter& e, const arguments& a, const tensor_data& w) {
  if (w.type != scalar::quint4x2) {
    tensor_data table = w;
    table.type = scalar::u8;
    table.channel_scales = table.channel_zero_points = nullptr;
    return e.c.elements(table);
  }
  // Two elements to a byte, the lower half first.
  if (!e.c.files) return error_info{errc::io, "no archive", {}, {}, {}, {}, {}};
  if (w.offset != 0 || w.stride != contiguous_strides(w.size))
    return unsupported("a view of 4-bit weights in " + a.name);
  const auto bytes = e.c.files->read(w.storage->member);
  if (!bytes) return bytes.error();
  const std::size_t count = as_size(w.elements());
  if (bytes->bytes.size() < (count + 1) / 2)
    return malformed("weights of " + a.name + " are shorter than their shape");
  std::vector<std::uint8_t> q(count);
  for (std::size_t i = 0; i < count; ++i)
    q[i] = std::to_integer<std::uint8_t>(bytes->bytes[i / 2] >> (i % 2 * 4)) & 15;
  return constant_data::of(std::span<const std::uint8_t>(q));
}
/// A table [rows, width] as the kernels take it: codes, and for each row a factor and a shift,
/// which are float16 where elements have 4 bits.
struct packed_table {
  const tensor_data* weights = nullptr;
  constant_data codes;
  std::vector<float> factors, shifts;
};
inline result<packed_table> packed_table_of(emitter& e, arguments& a, const packed_data& p) {
  const tensor_data& w = *p.weight;
  const auto scales = e.c.numbers<float>(*w.channel_scales),
             zeros = e.c.numbers<float>(*w.channel_zero_points);
  if (!scales) return scales.error();
  if (!zeros) return zeros.error();
  auto codes = codes_of_table(e, a, w);
  if (!codes) return codes.error();
  packed_table t{&w, std::move(*codes), {}, {}};
  const auto packed = [&](float v) {
    return w.type == scalar::quint4x2 ? numerics::rounded_to_f16(v) : v;
  };
  for (std::size_t i = 0; i < as_size(w.size[0]); ++i) {
    t.factors.push_back(packed((*scales)[i]));
    t.shifts.push_back(packed(numerics::mul(numerics::mul((*zeros)[i], (*scales)[i]), -1.f)));
  }
  return t;
}
/// Weights of 4 or 8 bits, as the operator's name says.
inline result<const packed_data*> table_argument(emitter& e, arguments& a) {
  const auto p = packed_argument(e, a, "weight");
  if (!p) return p.error();
  const bool four = a.name.find("4bit") != std::string::npos;
  if (!(*p)->embedding || four != ((*p)->weight->type == scalar::quint4x2))
    return unsupported("weights of " + a.name, std::string(name_of((*p)->weight->type)),
                       four ? "quint4x2" : "quint8");
  return *p;
}

// ---- rows ----

/// The table as floats [rows, width]: the kernel computes an element by one fused multiply-add, of
/// which there is no node. Made once for all that take rows of it.
inline result<tensor_id> table_of_floats(emitter& e, const packed_table& t) {
  const tensor_data& w = *t.weights;
  tensor_id& made = e.tables_of_floats.try_emplace(&w, no_tensor).first->second;
  if (made != no_tensor) return made;
  const std::size_t count = t.codes.bytes.size(), width = as_size(w.size[1]);
  if (auto s = e.c.build.make_constant(count * sizeof(float)); !s) return s.error();
  const auto shape = e.ir_shape(w.size, false);
  if (!shape) return shape.error();
  std::vector<float> real(count);
  for (std::size_t i = 0; i < count; ++i)
    real[i] = numerics::fma(static_cast<float>(std::to_integer<int>(t.codes.bytes[i])),
                            t.factors[i / width], t.shifts[i / width]);
  made = e.g.add_constant("", dtype::f32, *shape, constant_data::of(std::span<const float>(real)));
  return made;
}
/// The codes as a constant [rows, width].
inline result<tensor_id> table_of_codes(emitter& e, const packed_table& t) {
  const auto shape = e.ir_shape(t.weights->size, false);
  if (!shape) return shape.error();
  return e.g.add_constant("", dtype::u8, *shape, t.codes);
}
/// Rows of a table of 4 or 8 bits: q * scale + offset of the row, rounded once; where the limits do
/// not allow the table as floats, twice.
inline step table_rows(emitter& e, const packed_table& t, tensor_data& indices) {
  const auto rows_by_index = [&](tensor_id of, scalar type) -> step {
    const auto v = gathered(e, *e.wrap(of, type, false, false).t, indices, 0);
    if (!v) return v.error();
    return real_value(e, *v->t);
  };
  const limits& most = e.c.build.max;
  if (t.codes.bytes.size() <=
      std::min(most.tensor_bytes, most.constant_bytes / 2) / sizeof(float)) {
    const auto table = table_of_floats(e, t);
    if (!table) return table.error();
    return rows_by_index(*table, scalar::f32);
  }
  const auto codes = table_of_codes(e, t);
  if (!codes) return codes.error();
  const step q = rows_by_index(*codes, scalar::u8);
  if (!q) return q;
  auto column = indices.size;
  column.push_back(1);
  const auto factor = [&](const std::vector<float>& of) -> step {
    const step v = rows_by_index(e.constant_of(of), scalar::f32);
    if (!v) return v;
    return step_of(reshaped(e, **v, column));
  };
  return apply(e, ops::add, apply(e, ops::mul, q, factor(t.factors)), factor(t.shifts));
}
/// quantized::embedding_byte(weight, indices, ..), embedding_4bit(weight, indices, ..).
inline result<value> quantized_embedding(emitter& e, arguments& a) {
  tensor_data* indices = a.tensor("indices");
  if (auto s = a.check(); !s) return s.error();
  const auto p = table_argument(e, a);
  if (!p) return p.error();
  const auto t = packed_table_of(e, a, **p);
  if (!t) return t.error();
  return done(table_rows(e, *t, *indices));
}

// ---- bags ----

/// Where bags begin: the offsets that are given for one-dimensional indices; of two-dimensional
/// ones each row is a bag.
inline result<tensor_data*> offsets_of_bags(emitter& e, arguments& a, const tensor_data& indices,
                                            bool last_included) {
  if (indices.rank() == 1) {
    if (a.none("offsets")) return unsupported("indices of " + a.name + " without offsets");
    tensor_data* offsets = a.tensor("offsets");
    if (auto s = a.check(); !s) return s.error();
    e.take_as_indices(*offsets);
    return step_of(cast_to(e, *offsets, indices.type));
  }
  if (indices.rank() != 2 || last_included) return unsupported("indices or offsets of " + a.name);
  if (auto s = e.c.build.work.spend(sizeof(double) * as_size(indices.size[0])); !s)
    return s.error();
  std::vector<double> begins;
  for (std::int64_t i = 0; i < indices.size[0]; ++i)
    begins.push_back(static_cast<double>(i * indices.size[1]));
  if (begins.empty()) return unsupported("no bags in " + a.name);
  return step_of(constant_tensor(e, begins, {indices.size[0]}, indices.type));
}
/// The operator on a table: codes with a factor and a shift for each row, or floats.
inline result<value> bags(emitter& e, arguments& a, std::vector<tensor_id> table,
                          embedding_bag_attrs how) {
  tensor_data* indices = a.tensor("indices");
  how.last_included = a.boolean("include_last_offset");
  tensor_data* weights = a.none("per_sample_weights") ? nullptr : a.tensor("per_sample_weights");
  if (auto s = a.check(); !s) return s.error();
  e.take_as_indices(*indices);
  if (indices->type != scalar::s64 && indices->type != scalar::s32)
    return unsupported("indices of " + a.name, std::string(name_of(indices->type)), "int32, int64");
  if (weights && weights->size != indices->size)
    return invalid("extents of the weights of samples of " + a.name);
  const auto offsets = offsets_of_bags(e, a, *indices, how.last_included);
  if (!offsets) return offsets.error();
  std::vector<tensor_id> operands{table[0]};
  for (tensor_data* t : {indices, *offsets, weights}) {
    if (!t) {
      operands.push_back(no_tensor);
      continue;
    }
    const auto line = reshaped(e, *t, {t->elements()});
    if (!line) return line;
    const auto held = e.held(*line->t, false);
    if (!held) return held.error();
    operands.push_back(*held);
  }
  operands.insert(operands.end(), table.begin() + 1, table.end());
  while (operands.back() == no_tensor) operands.pop_back();
  const tensor_id to = e.make(scalar::f32);
  if (auto s = e.emit(ops::embedding_bag, std::move(operands), to, to_attributes(how)); !s)
    return s.error();
  return e.wrap(to, scalar::f32, false, false);
}
/// quantized::embedding_bag_byte, embedding_bag_4bit: (weight, indices, offsets, scale_grad, mode,
/// pruned, per_sample_weights, mapping, include_last_offset). The mode is not looked at: sums.
inline result<value> quantized_bag(emitter& e, arguments& a) {
  if (!a.none("compressed_indices_mapping") || a.boolean("pruned_weights"))
    return unsupported("pruned weights of " + a.name);
  if (auto s = a.check(); !s) return s.error();
  const auto p = table_argument(e, a);
  if (!p) return p.error();
  const auto t = packed_table_of(e, a, **p);
  if (!t) return t.error();
  const auto codes = table_of_codes(e, *t);
  if (!codes) return codes.error();
  return bags(e, a, {*codes, e.constant_of(t->factors), e.constant_of(t->shifts)}, {});
}
/// embedding_bag(weight, indices, offsets, scale_grad, mode, sparse, per_sample_weights,
/// include_last_offset, padding_idx): sums (0), means (1) or the largest (2). The other results are
/// unknown.
inline result<value> float_bag(emitter& e, arguments& a) {
  tensor_data* weight = a.tensor("weight");
  const std::int64_t mode = a.integer("mode");
  if (auto s = a.check(); !s) return s.error();
  if (mode < 0 || mode > 2 || weight->type != scalar::f32 || weight->rank() != 2)
    return unsupported("weights or mode of " + a.name, std::string(name_of(weight->type)),
                       "float32 [rows, width]; sum, mean, max");
  embedding_bag_attrs how;
  how.mode = static_cast<bag_mode>(mode);
  if (!a.none("padding_idx")) {
    const std::int64_t row = a.integer("padding_idx");
    if (auto s = a.check(); !s) return s.error();
    how.left_out = row < 0 ? row + weight->size[0] : row;
  }
  const auto table = e.held(*weight, false);
  if (!table) return table.error();
  const auto y = bags(e, a, {*table}, how);
  if (!y) return y;
  return e.c.values.list({*y, value::unknown(), value::unknown(), value::unknown()}, kind::tuple);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_EMBEDDING_HPP_
// ---- octet/import/torch/rows_places.hpp
// Rows of pools that also give where their results are, of what puts values back there, and of
// averages over windows that end beyond a volume.
#ifndef OCTET_IMPORT_TORCH_ROWS_PLACES_HPP_
#define OCTET_IMPORT_TORCH_ROWS_PLACES_HPP_

#include <algorithm>


OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

/// The windows along one axis: for each the first of its elements that lies within the tensor, and
/// how many of such there are, `step` apart.
struct windows_of_axis {
  std::vector<std::int64_t> first, count;
  std::int64_t step = 1, most = 0;  // the largest count

  void add(std::int64_t begin, std::int64_t n) {
    first.push_back(begin), count.push_back(n);
    most = std::max(most, n);
  }
  /// Of each window the element of that number; its last one where it has fewer.
  std::vector<std::int64_t> elements(std::int64_t number) const {
    std::vector<std::int64_t> at;
    for (std::size_t o = 0; o < first.size(); ++o)
      at.push_back(first[o] + std::min(number, count[o] - 1) * step);
    return at;
  }
};
/// A window of `size` elements `dilation` apart, as pools have it along one axis.
struct pool_axis {
  std::int64_t size = 1, stride = 1, padding = 0, dilation = 1;
  bool ceil_mode = false;

  /// How many windows there are along n elements; one that begins behind the padding is none.
  std::int64_t windows(std::int64_t n) const {
    const std::int64_t room = n + 2 * padding - dilation * (size - 1) - 1;
    if (room < 0) return 0;
    std::int64_t count = (room + (ceil_mode ? stride - 1 : 0)) / stride + 1;
    if (ceil_mode && (count - 1) * stride >= n + padding) --count;
    return count;
  }
};
/// The last `Axes` axes of a pool; parameters that it lacks keep their defaults.
template <std::size_t Axes>
result<std::array<pool_axis, Axes>> pool_axes(arguments& a, const tensor_data& x) {
  std::array<pool_axis, Axes> p;
  struct parameter {
    std::string_view name;
    std::int64_t pool_axis::*to;
  };
  constexpr parameter all[] = {{"kernel_size", &pool_axis::size},
                               {"stride", &pool_axis::stride},
                               {"padding", &pool_axis::padding},
                               {"dilation", &pool_axis::dilation}};
  for (const auto& [name, to] : all) {
    if (!a.has(name)) continue;
    auto list = a.integers(name);
    if (list.empty() && to == &pool_axis::stride) list = a.integers("kernel_size");
    if (list.size() == 1) list.resize(Axes, list[0]);
    if (auto s = a.check(); !s) return s.error();
    if (list.size() != Axes) return invalid("window of " + a.name);
    for (std::size_t k = 0; k < Axes; ++k) p[k].*to = a.small(name, list[k]);
  }
  for (pool_axis& axis : p) axis.ceil_mode = a.boolean("ceil_mode");
  if (auto s = a.check(); !s) return s.error();
  if (as_size(x.rank()) < Axes || as_size(x.rank()) > Axes + 2)
    return unsupported("rank of the input of " + a.name, std::to_string(x.rank()),
                       std::to_string(Axes + 1) + ", " + std::to_string(Axes + 2));
  for (const pool_axis& axis : p)
    if (axis.size < 1 || axis.stride < 1 || axis.dilation < 1 || axis.padding < 0 ||
        axis.padding > axis.size / 2)
      return invalid("window of " + a.name);
  return p;
}

// ---- places of the largest elements ----

/// Where the largest element of each window is among those of its channel, the first of equal ones.
/// The windows are those of x's last axes.
class largest_places {
 public:
  largest_places(emitter& e, std::span<const windows_of_axis> axes) : e_(e), axes_(axes) {}
  static constexpr std::int64_t most_taps = 64;
  /// Elements of the largest window, counted up to most_taps + 1.
  static std::int64_t taps_of(std::span<const windows_of_axis> axes) {
    std::int64_t taps = 1;
    for (const windows_of_axis& axis : axes)
      taps = std::min(taps * std::min(axis.most, most_taps + 1), most_taps + 1);
    return taps;
  }
  result<value> of(tensor_data& x) {
    std::int64_t steps = 1;
    if (const std::int64_t taps = taps_of(axes_); taps > most_taps)
      return unsupported("places of the largest elements by " + e_.operator_name(),
                         "windows of " + std::to_string(taps) + " elements or more",
                         "at most " + std::to_string(most_taps));
    steps_.assign(axes_.size(), 1);
    for (std::size_t k = axes_.size(); k-- > 0;) {
      steps_[k] = steps;
      steps *= x.size[x.size.size() - axes_.size() + k];
    }
    at_.resize(axes_.size());
    if (auto s = follow(x, 0); !s) return s.error();
    return value_of(*place_);
  }

 private:
  /// All elements of this axis' windows and those behind it, in their order.
  status follow(tensor_data& x, std::size_t k) {
    if (k == axes_.size()) return compare(x);
    for (std::int64_t tap = 0; tap < axes_[k].most; ++tap) {
      at_[k] = axes_[k].elements(tap);
      const auto next = picked(e_, x, x.size.size() - axes_.size() + k, at_[k]);
      if (!next) return next.error();
      if (auto s = follow(*next->t, k + 1); !s) return s;
    }
    return unit{};
  }
  status compare(tensor_data& x) {
    const auto here = constant_places();
    if (!here) return here.error();
    if (!best_) {
      best_ = &x;
      const auto everywhere = expanded(e_, *here->t, x.size);
      if (!everywhere) return everywhere.error();
      place_ = everywhere->t;
      return unit{};
    }
    const auto more = larger(x);
    if (!more) return more.error();
    const auto best = chosen(e_, *more->t, x, *best_),
               place = chosen(e_, *more->t, *here->t, *place_);
    if (!best) return best.error();
    if (!place) return place.error();
    best_ = best->t, place_ = place->t;
    return unit{};
  }
  /// What is no number is larger than any.
  result<value> larger(tensor_data& x) {
    const auto more = emit_pair(e_, ops::greater, {&x, best_}, scalar::boolean),
               none = emit_pair(e_, ops::not_equal, {&x, &x}, scalar::boolean);
    if (!more) return more;
    if (!none) return none;
    return emit_pair(e_, ops::logical_or, {more->t, none->t}, scalar::boolean);
  }
  result<value> constant_places() {
    std::vector<std::int64_t> size;
    std::vector<double> places{0};
    for (std::size_t k = 0; k < axes_.size(); ++k) {
      size.push_back(static_cast<std::int64_t>(at_[k].size()));
      if (places.size() * at_[k].size() > most_made) return too_large("places");
      std::vector<double> longer;
      for (const double before : places)
        for (const std::int64_t at : at_[k])
          longer.push_back(numerics::add(before, static_cast<double>(at * steps_[k])));
      places = std::move(longer);
    }
    return constant_tensor(e_, places, size, scalar::s64);
  }

  emitter& e_;
  std::span<const windows_of_axis> axes_;
  std::vector<std::vector<std::int64_t>> at_;
  std::vector<std::int64_t> steps_;
  tensor_data *best_ = nullptr, *place_ = nullptr;
};
inline result<value> with_places(emitter& e, tensor_data& x, const result<value>& largest,
                                 std::span<const windows_of_axis> axes) {
  if (!largest) return largest;
  largest_places found(e, axes);
  const auto places = found.of(x);
  if (!places) return places;
  return e.c.values.list({*largest, *places}, kind::tuple);
}
/// max_pool1d, max_pool2d, max_pool3d with indices: `Largest` gives the values.
template <std::size_t Axes, row_function Largest>
result<value> max_pool_with_places(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  if (!x) return x.error();
  const auto p = pool_axes<Axes>(a, **x);
  if (!p) return p.error();
  std::array<windows_of_axis, Axes> axes;
  for (std::size_t k = 0; k < Axes; ++k) {
    const pool_axis& axis = (*p)[k];
    const std::int64_t n = (*x)->size[(*x)->size.size() - Axes + k];
    axes[k].step = axis.dilation;
    for (std::int64_t o = 0; o < axis.windows(n); ++o) {
      const std::int64_t begin = o * axis.stride - axis.padding,
                         outside = begin < 0 ? (axis.dilation - 1 - begin) / axis.dilation : 0,
                         first = begin + outside * axis.dilation;
      if (first >= n) return unsupported("an empty window of " + a.name);
      axes[k].add(first, std::min(axis.size - outside, (n - 1 - first) / axis.dilation + 1));
    }
    if (axes[k].first.empty()) return invalid("window of " + a.name);
  }
  return with_places(e, **x, Largest(e, a), axes);
}
/// adaptive_max_pool1d, adaptive_max_pool2d: of codes the values alone.
template <std::size_t Axes, row_function Largest>
result<value> adaptive_max_pool_with_places(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  auto out = a.integers("output_size");
  if (auto s = a.check(); !s) return s.error();
  if (x->type != scalar::f32 || as_size(x->rank()) < Axes) return Largest(e, a);
  if (out.size() == 1) out.resize(Axes, out[0]);
  if (out.size() != Axes) return invalid("output size of " + a.name);
  std::array<windows_of_axis, Axes> axes;
  for (std::size_t k = 0; k < Axes; ++k) {
    const std::int64_t n = x->size[x->size.size() - Axes + k],
                       count = a.small("output_size", out[k]);
    for (std::int64_t o = 0; o < count && n > 0; ++o) {
      const std::int64_t begin = o * n / count, end = ((o + 1) * n + count - 1) / count;
      axes[k].add(begin, end - begin);
    }
  }
  const auto largest = Largest(e, a);
  const std::int64_t taps = largest_places::taps_of(axes);
  if (!largest || taps < 1 || taps > largest_places::most_taps) return largest;
  return with_places(e, *x, result<value>(largest->c->items[0]), axes);
}
/// max_unpool2d(x, places, size), max_unpool3d: zeros but at the places.
template <std::size_t Axes> result<value> max_unpool(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  tensor_data* places = a.tensor("indices");
  const auto out = a.integers("output_size");
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  if (as_size((*x)->rank()) <= Axes || out.size() != Axes || places->size != (*x)->size)
    return invalid("extents of " + a.name);
  std::vector<std::int64_t> flat((*x)->size.begin(),
                                 (*x)->size.end() - static_cast<std::ptrdiff_t>(Axes)),
      size = flat;
  std::int64_t from = 1, to = 1;
  for (std::size_t k = 0; k < Axes; ++k) {
    from *= (*x)->size[flat.size() + k], to *= a.small("output_size", out[k]);
    if (to < 1 || to > INT32_MAX) return invalid("extents of " + a.name);
    size.push_back(out[k]);
  }
  flat.push_back(from);
  const auto values = reshaped(e, **x, flat), where = reshaped(e, *places, flat);
  if (!values) return values;
  if (!where) return where;
  flat.back() = to;
  const auto zeros = constant_tensor(e, {0}, flat, scalar::f32);
  if (!zeros) return zeros;
  arguments as(e.c, a.name,
               {{"self", *zeros},
                {"dim", value::of(std::int64_t{-1})},
                {"index", *where},
                {"src", *values},
                {"reduce", value{}}});
  const auto y = scatter(e, as);
  if (!y) return y;
  return reshaped(e, *y->t, std::move(size));
}

// ---- averages of windows of several counts ----

/// avg_pool3d: where windows end beyond the volume or do not count its padding, sums by the count
/// of each place.
inline result<value> average_of_volume(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const auto padding = a.integers("padding");
  const bool counted = a.boolean("count_include_pad"), beyond = a.boolean("ceil_mode"),
             any = std::any_of(padding.begin(), padding.end(), [](auto v) { return v != 0; });
  if (auto s = a.check(); !s) return s.error();
  if ((!beyond && (counted || !any)) || x->type != scalar::f32 || x->rank() != 5)
    return avg_pool3d(e, a);
  const auto p = pool_axes<3>(a, *x);
  if (!p) return p.error();
  std::vector<std::int64_t> around, size;
  std::vector<double> counts{1};
  for (std::size_t k = 0; k < 3; ++k) {
    const pool_axis& axis = (*p)[k];
    const std::int64_t n = x->size[2 + k], windows = axis.windows(n);
    if (windows < 1) return invalid("window of " + a.name);
    std::vector<double> longer;
    for (const double before : counts)
      for (std::int64_t o = 0; o < windows; ++o) {
        const std::int64_t begin = o * axis.stride - axis.padding,
                           end = std::min(begin + axis.size, n + axis.padding);
        longer.push_back(numerics::mul(
            before,
            static_cast<double>(counted ? end - begin
                                        : std::min(end, n) - std::max<std::int64_t>(begin, 0))));
      }
    if (longer.size() > most_made) return too_large("windows of " + a.name);
    counts = std::move(longer);
    size.push_back(windows);
    const std::int64_t behind = (windows - 1) * axis.stride + axis.size - axis.padding - n;
    around.insert(around.begin(), {axis.padding, std::max<std::int64_t>(behind, 0)});
  }
  if (!a.none("divisor_override")) counts = {static_cast<double>(a.integer("divisor_override"))};
  if (auto s = a.check(); !s) return s.error();
  if (counts[0] == 0) return invalid("divisor_override of " + a.name, "0");
  const auto wider = padded(e, a, *x, around, "constant", 0);
  if (!wider) return wider;
  arguments sums = a;
  sums.replace("self", *wider);
  sums.replace("padding", e.c.values.integers({0, 0, 0}));
  sums.replace("ceil_mode", value::of(false));
  sums.replace("divisor_override", value::of(std::int64_t{1}));
  const auto sum = avg_pool3d(e, sums), by = constant_tensor(e, counts, size, scalar::f32);
  if (!by) return by;
  return done(apply(e, ops::div, step_of(sum), step_of(by)));
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_PLACES_HPP_
// ---- octet/import/torch/rows_recurrent.hpp
// Rows of recurrent layers. A recurrent layer is unrolled over the sequence, whose
// length the file or the caller gives: each step is a few nodes, in PyTorch's order of operations.
#ifndef OCTET_IMPORT_TORCH_ROWS_RECURRENT_HPP_
#define OCTET_IMPORT_TORCH_ROWS_RECURRENT_HPP_

#include <algorithm>
#include <numeric>


OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

enum class cell_kind : std::uint8_t { lstm, gru, rnn_tanh, rnn_relu };

/// Places in what has no names in a file: the state of an LSTM (`hx`), the parameters of a layer
/// and direction (a projection is the last of them), the gates in the rows of a layer's weights.
namespace state_place {
enum : std::size_t { h, c, of_lstm, of_others = 1 };
}
namespace weight_place {
enum : std::size_t { input, state, input_bias, state_bias, with_biases, without_biases = 2 };
}
namespace lstm_gate {
enum : std::size_t { in, forget, fresh, out, all };
}
namespace gru_gate {
enum : std::size_t { reset, keep, fresh, all };
}
/// How many tensors the state of a cell has.
constexpr std::size_t states_of(cell_kind what) {
  return what == cell_kind::lstm ? state_place::of_lstm : state_place::of_others;
}

/// A layer of one direction: what multiplies its input and its state. Either packed parameters of
/// dynamic layers, or float weights and biases.
struct cell_weights {
  const packed_data *packed_input = nullptr, *packed_state = nullptr;
  bool reduce_range = false;
  tensor_data *input = nullptr, *state = nullptr, *input_bias = nullptr, *state_bias = nullptr,
              *projection = nullptr;  // of an LSTM's state
};
inline step gates_of(emitter& e, const step& x, const packed_data* packed, tensor_data* w,
                     tensor_data* b, bool reduce_range) {
  if (!x) return x;
  if (packed) return step_of(dynamic_linear(e, **x, *packed, reduce_range, false));
  return linear_of(e, x, w, b);
}
inline step input_gates(emitter& e, const step& x, const cell_weights& w) {
  return gates_of(e, x, w.packed_input, w.input, w.input_bias, w.reduce_range);
}
inline step state_gates(emitter& e, const step& h, const cell_weights& w) {
  return gates_of(e, h, w.packed_state, w.state, w.state_bias, w.reduce_range);
}
/// [B, n * H] in n parts.
inline result<std::vector<tensor_data*>> parts_of(emitter& e, const step& x, std::size_t n) {
  if (!x) return x.error();
  const std::int64_t width = (*x)->size.back();
  if (as_size(width) % n != 0)
    return invalid("gates of " + e.operator_name(), std::to_string(width),
                   "a multiple of " + std::to_string(n));
  const auto in = e.held(**x, false);
  if (!in) return in.error();
  std::vector<tensor_id> ids;
  for (std::size_t i = 0; i < n; ++i) ids.push_back(e.make(scalar::f32));
  attributes attrs;
  attrs.set("axis", std::int64_t{(*x)->rank() - 1});
  if (auto s = e.c.build.emit(ops::split, {*in}, ids, std::move(attrs)); !s) return s.error();
  std::vector<tensor_data*> out;
  for (tensor_id id : ids) out.push_back(e.wrap(id, scalar::f32, false, false).t);
  return out;
}
/// State of one layer and direction; `c` of LSTMs only.
struct cell_state {
  tensor_data *h = nullptr, *c = nullptr;
};
/// One step from the input's gates.
inline result<cell_state> next_state(emitter& e, cell_kind what, const step& gates,
                                     const cell_state& s, const cell_weights& w) {
  const step from_state = state_gates(e, s.h, w);
  if (what == cell_kind::rnn_tanh || what == cell_kind::rnn_relu) {
    const step sum = apply(e, ops::add, from_state, gates);
    const step h =
        what == cell_kind::rnn_tanh ? apply(e, ops::tanh, sum) : apply(e, ops::relu, sum);
    if (!h) return h.error();
    return cell_state{*h, nullptr};
  }
  if (what == cell_kind::gru) {
    using namespace gru_gate;
    const auto x = parts_of(e, gates, all), u = parts_of(e, from_state, all);
    if (!x) return x.error();
    if (!u) return u.error();
    const step r = apply(e, ops::logistic, apply(e, ops::add, (*u)[reset], (*x)[reset])),
               k = apply(e, ops::logistic, apply(e, ops::add, (*u)[keep], (*x)[keep])),
               f = apply(e, ops::tanh,
                         apply(e, ops::add, (*x)[fresh], apply(e, ops::mul, (*u)[fresh], r)));
    const step h = apply(e, ops::add, apply(e, ops::mul, apply(e, ops::sub, s.h, f), k), f);
    if (!h) return h.error();
    return cell_state{*h, nullptr};
  }
  const auto g = parts_of(e, apply(e, ops::add, from_state, gates), lstm_gate::all);
  if (!g) return g.error();
  const step in = apply(e, ops::logistic, (*g)[lstm_gate::in]),
             forget = apply(e, ops::logistic, (*g)[lstm_gate::forget]),
             fresh = apply(e, ops::tanh, (*g)[lstm_gate::fresh]),
             out = apply(e, ops::logistic, (*g)[lstm_gate::out]);
  const step c = apply(e, ops::add, apply(e, ops::mul, forget, s.c), apply(e, ops::mul, in, fresh));
  step h = apply(e, ops::mul, out, apply(e, ops::tanh, c));
  if (w.projection) h = linear_of(e, h, w.projection, nullptr);
  if (!c) return c.error();
  if (!h) return h.error();
  return cell_state{*h, *c};
}

// ---- sequences ----

/// x[i] of the first axis.
inline step first_axis(emitter& e, tensor_data& x, std::int64_t i) {
  arguments one(
      e.c, e.operator_name(),
      {{"self", value_of(x)}, {"dim", value::of(std::int64_t{0})}, {"index", value::of(i)}});
  return step_of(select(e, one));
}
inline step stacked(emitter& e, const std::vector<tensor_data*>& list) {
  std::vector<value> items;
  for (tensor_data* t : list) items.push_back(value_of(*t));
  arguments a(
      e.c, e.operator_name(),
      {{"tensors", e.c.values.list(std::move(items))}, {"dim", value::of(std::int64_t{0})}});
  return step_of(stack(e, a));
}
inline step joined(emitter& e, const std::vector<tensor_data*>& list, std::int64_t dim) {
  if (list.size() == 1) return list.front();
  std::vector<value> items;
  for (tensor_data* t : list) items.push_back(value_of(*t));
  arguments a(e.c, e.operator_name(),
              {{"tensors", e.c.values.list(std::move(items))}, {"dim", value::of(dim)}});
  return step_of(cat<false, false>(e, a));
}
/// What a recurrent operator is given besides its input.
struct sequence_options {
  cell_kind what = cell_kind::lstm;
  std::int64_t layers = 1;
  bool bidirectional = false, batch_first = false;
  std::vector<std::int64_t> rows{};  // packed: of each step; the input has them one after another
  std::int64_t directions() const { return bidirectional ? 2 : 1; }
};
/// Steps that all layers and directions together may have: each is a dozen nodes.
inline constexpr std::int64_t most_steps = 4096;

/// Ranks and counts of what a sequence is made of.
inline status check_sequence(emitter& e, const tensor_data& input,
                             const std::vector<tensor_data*>& state, std::size_t weights,
                             const sequence_options& o) {
  const std::int64_t all = o.layers * o.directions();
  const int rank = o.rows.empty() ? 3 : 2;
  if (input.rank() != rank)
    return unsupported("rank of the input of " + e.operator_name(), std::to_string(input.rank()),
                       std::to_string(rank));
  if (o.layers < 1 || static_cast<std::int64_t>(weights) != all)
    return invalid("layers of " + e.operator_name(), std::to_string(weights), std::to_string(all));
  if (state.size() != states_of(o.what)) return invalid("state of " + e.operator_name());
  for (const tensor_data* s : state)
    if (s->rank() != 3 || s->size[0] != all)
      return invalid("state of " + e.operator_name(), std::to_string(s->rank()) + " axes",
                     "3, one slice for each layer and direction");
  return unit{};
}
/// All steps of one direction of a layer, from the state `s`, which becomes the last one. Returns
/// the hidden values of each step.
inline step run_direction(emitter& e, const step& x, const cell_weights& w, cell_kind what,
                          bool backward, cell_state& s) {
  const step gates = input_gates(e, x, w);
  if (!gates) return gates.error();
  const std::int64_t length = (*x)->size[0];
  std::vector<tensor_data*> steps(as_size(length));
  for (std::int64_t k = 0; k < length; ++k) {
    const std::int64_t t = backward ? length - 1 - k : k;
    const auto next = next_state(e, what, first_axis(e, **gates, t), s, w);
    if (!next) return next.error();
    s = *next;
    steps[as_size(t)] = s.h;
  }
  return stacked(e, steps);
}
/// Rows [begin, end) of a state.
inline result<cell_state> state_rows(emitter& e, const cell_state& s, std::int64_t begin,
                                     std::int64_t end) {
  cell_state part;
  const step h = step_of(sliced(e, *s.h, 0, begin, end - begin));
  if (!h) return h.error();
  part.h = *h;
  if (!s.c) return part;
  const step c = step_of(sliced(e, *s.c, 0, begin, end - begin));
  if (!c) return c.error();
  part.c = *c;
  return part;
}
/// The rows of both, one after another.
inline result<cell_state> state_of_both(emitter& e, const cell_state& s, const cell_state& more) {
  cell_state all;
  const step h = joined(e, {s.h, more.h}, 0);
  if (!h) return h.error();
  all.h = *h;
  if (!s.c) return all;
  const step c = joined(e, {s.c, more.c}, 0);
  if (!c) return c.error();
  all.c = *c;
  return all;
}
/// The same of a packed sequence: sequences that have ended leave their state, those that begin
/// (from the end) come in with the first one.
inline step run_packed(emitter& e, const step& x, const cell_weights& w, const sequence_options& o,
                       bool backward, cell_state& s) {
  const step gates = input_gates(e, x, w);
  if (!gates) return gates.error();
  const cell_state first = s;
  const std::size_t length = o.rows.size();
  std::vector<std::int64_t> begins;
  std::int64_t all = 0;
  for (const std::int64_t n : o.rows) begins.push_back(std::exchange(all, all + n));
  std::vector<tensor_data*> steps(length);
  std::vector<cell_state> ended;
  std::int64_t running = backward ? 0 : o.rows[0];
  for (std::size_t k = 0; k < length; ++k) {
    const std::size_t t = backward ? length - 1 - k : k;
    const std::int64_t n = o.rows[t];
    if (n < running) {
      const auto gone = state_rows(e, s, n, running), on = state_rows(e, s, 0, n);
      if (!gone) return gone.error();
      if (!on) return on.error();
      ended.push_back(*gone), s = *on;
    } else if (n > running) {
      const auto fresh = state_rows(e, first, running, n);
      if (!fresh) return fresh.error();
      const auto both = running == 0 ? fresh : state_of_both(e, s, *fresh);
      if (!both) return both.error();
      s = *both;
    }
    running = n;
    const auto next = next_state(e, o.what, step_of(sliced(e, **gates, 0, begins[t], n)), s, w);
    if (!next) return next.error();
    s = *next;
    steps[t] = s.h;
  }
  for (; !ended.empty(); ended.pop_back()) {
    const auto both = state_of_both(e, s, ended.back());
    if (!both) return both.error();
    s = *both;
  }
  return joined(e, steps, 0);
}
/// Slice i of the given states.
inline result<cell_state> first_state(emitter& e, const std::vector<tensor_data*>& state,
                                      std::int64_t i) {
  const step h = first_axis(e, *state[state_place::h], i);
  if (!h) return h.error();
  if (state.size() != state_place::of_lstm) return cell_state{*h, nullptr};
  const step c = first_axis(e, *state[state_place::c], i);
  if (!c) return c.error();
  return cell_state{*h, *c};
}
/// Returns (output, last h[, last c]).
inline result<value> sequence(emitter& e, tensor_data& input, std::vector<tensor_data*> state,
                              const std::vector<cell_weights>& weights, const sequence_options& o) {
  if (auto s = check_sequence(e, input, state, weights.size(), o); !s) return s.error();
  const bool lstm = o.what == cell_kind::lstm;
  step x = real_value(e, input);
  if (x && o.batch_first) x = step_of(permuted(e, **x, {1, 0, 2}));
  if (!x) return x.error();
  const std::int64_t length =
      o.rows.empty() ? (*x)->size[0] : static_cast<std::int64_t>(o.rows.size());
  if (length < 1 || length > most_steps / (o.layers * o.directions()))
    return too_large("steps of " + e.operator_name() + ", all layers and directions together",
                     std::to_string(length) + " of each", std::to_string(most_steps));
  std::vector<tensor_data*> last_h, last_c;
  for (std::int64_t layer = 0; layer < o.layers; ++layer) {
    std::vector<step> outputs;
    for (std::int64_t d = 0; d < o.directions(); ++d) {
      const std::int64_t at = layer * o.directions() + d;
      auto s = first_state(e, state, at);
      if (!s) return s.error();
      const cell_weights& w = weights[as_size(at)];
      outputs.push_back(o.rows.empty() ? run_direction(e, x, w, o.what, d == 1, *s)
                                       : run_packed(e, x, w, o, d == 1, *s));
      if (!outputs.back()) return outputs.back().error();
      last_h.push_back(s->h);
      if (lstm) last_c.push_back(s->c);
    }
    x = outputs[0];
    if (o.bidirectional) x = joined(e, {*outputs[0], *outputs[1]}, input.rank() - 1);
    if (!x) return x.error();
  }
  if (o.batch_first) x = step_of(permuted(e, **x, {1, 0, 2}));
  const step h = stacked(e, last_h);
  if (!x) return x.error();
  if (!h) return h.error();
  std::vector<value> results{value_of(**x), value_of(**h)};
  if (lstm) {
    const step c = stacked(e, last_c);
    if (!c) return c.error();
    results.push_back(value_of(**c));
  }
  return e.c.values.list(std::move(results), kind::tuple);
}
/// The tensors of an argument: a list of them, or one.
inline result<std::vector<tensor_data*>> states_argument(arguments& a, std::string_view parameter) {
  const value given = a[parameter];
  std::vector<tensor_data*> list;
  if (!given.is_sequence()) {
    list.push_back(a.tensor(parameter));
    if (auto s = a.check(); !s) return s.error();
    return list;
  }
  for (const value& v : given.c->items) {
    if (!v.is(kind::tensor)) return unsupported("state of " + a.name, std::string(name_of(v.what)));
    list.push_back(v.t);
  }
  return list;
}
/// Float weights and biases of each layer and direction.
inline result<std::vector<cell_weights>> float_weights(const arguments& a, const value_list& list,
                                                       bool lstm, bool biases, std::size_t cells) {
  using namespace weight_place;
  const std::size_t plain = biases ? with_biases : without_biases;
  const bool projected = lstm && list.size() == (plain + 1) * cells;
  const std::size_t each = plain + (projected ? 1 : 0);
  if (list.size() != each * cells)
    return unsupported("parameters of " + a.name, std::to_string(list.size()) + " tensors",
                       std::to_string(each) + " for each layer and direction");
  std::vector<cell_weights> weights;
  for (std::size_t i = 0; i < list.size(); i += each) {
    tensor_data* t[with_biases + 1]{};
    for (std::size_t k = 0; k < each; ++k) {
      if (!list[i + k].is(kind::tensor)) return unsupported("parameters of " + a.name);
      t[k] = list[i + k].t;
    }
    cell_weights w;
    w.input = t[input], w.state = t[state];
    w.projection = projected ? t[plain] : nullptr;
    if (biases) w.input_bias = t[input_bias], w.state_bias = t[state_bias];
    weights.push_back(w);
  }
  return weights;
}
/// Packed parameters of dynamic layers, one for each layer and direction.
inline result<std::vector<cell_weights>> dynamic_weights(emitter& e, const arguments& a,
                                                         const value_list& list) {
  std::vector<cell_weights> weights;
  for (const value& v : list) {
    arguments one(e.c, a.name, {{"params", v}});
    const auto p = packed_argument(e, one, "params");
    if (!p) return p.error();
    if (!(*p)->input || !(*p)->state) return unsupported("parameters of " + a.name);
    cell_weights w;
    w.packed_input = (*p)->input, w.packed_state = (*p)->state;
    w.reduce_range = (*p)->reduce_range;
    weights.push_back(w);
  }
  return weights;
}
inline result<value> run_layers(emitter& e, arguments& a, tensor_data* x, sequence_options o) {
  const bool biases = a.boolean("has_biases");
  o.layers = a.integer("num_layers");
  o.bidirectional = a.boolean("bidirectional");
  if (auto s = a.check(); !s) return s.error();
  if (o.layers < 1 || o.layers > most_steps)
    return invalid("layers of " + a.name, std::to_string(o.layers));
  const auto state = states_argument(a, "hx");
  if (!state) return state.error();
  if (!a["params"].is_sequence()) return unsupported("parameters of " + a.name);
  const value_list& list = a["params"].c->items;
  const bool floats = !list.empty() && list.front().is(kind::tensor);
  const auto weights = floats ? float_weights(a, list, o.what == cell_kind::lstm, biases,
                                              as_size(o.layers * o.directions()))
                              : dynamic_weights(e, a, list);
  if (!weights) return weights.error();
  return sequence(e, *x, *state, *weights, o);
}
/// Of a packed sequence, how many rows each step has; it does not grow.
inline result<std::vector<std::int64_t>> rows_of_steps(emitter& e, const tensor_data& t) {
  if (!e.c.known(t))
    return unsupported("packed sequences in " + e.operator_name(),
                       "lengths computed from the input's data", "constant lengths");
  const auto rows = e.c.numbers<std::int64_t>(t);
  if (!rows) return rows.error();
  bool ok = !rows->empty() && rows->back() > 0 && rows->front() <= INT32_MAX;
  for (std::size_t i = 1; i < rows->size(); ++i) ok &= (*rows)[i] <= (*rows)[i - 1];
  if (!ok) return invalid("lengths of " + e.operator_name());
  return *rows;
}
/// lstm(data, batch_sizes, hx, params, ..) of a packed sequence stands in the places of lstm(input,
/// hx, params, ..).
inline arguments of_packed(emitter& e, arguments& a) {
  std::vector<arguments::argument> all;
  constexpr std::string_view names[][2] = {{"data", "input"},
                                           {"batch_sizes", "hx"},
                                           {"hx", "params"},
                                           {"params", "has_biases"},
                                           {"has_biases", "num_layers"},
                                           {"num_layers", "dropout"},
                                           {"bidirectional", "batch_first"}};
  for (const auto& [own, given] : names) all.push_back({own, a[given]});
  return arguments(e.c, a.name, std::move(all));
}
/// quantized_lstm(x, state, params, has_biases, layers, dropout, train, bidirectional, batch_first,
/// ..), quantized_gru, lstm, gru, rnn_tanh, rnn_relu. Parameters are packed ones, one for each
/// layer and direction, or lists of float tensors: weights of input and state, then their biases.
template <cell_kind What> result<value> recurrent(emitter& e, arguments& a) {
  sequence_options o{.what = What};
  if (a["hx"].is(kind::tensor) && a["has_biases"].is_sequence()) {
    arguments packed = of_packed(e, a);
    tensor_data *x = packed.tensor("data"), *rows = packed.tensor("batch_sizes");
    if (auto s = packed.check(); !s) return s.error();
    auto steps = rows_of_steps(e, *rows);
    if (!steps) return steps.error();
    o.rows = std::move(*steps);
    if (x->rank() != 2 ||
        x->size[0] != std::accumulate(o.rows.begin(), o.rows.end(), std::int64_t{0}))
      return invalid("rows of a packed sequence in " + a.name);
    return run_layers(e, packed, x, std::move(o));
  }
  tensor_data* x = a.tensor("input");
  o.batch_first = a.boolean("batch_first");
  if (auto s = a.check(); !s) return s.error();
  return run_layers(e, a, x, std::move(o));
}
/// _pack_padded_sequence(x, lengths, batch_first): the rows of each step one after another, and how
/// many there are.
inline result<value> pack_sequence(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("input"), *lengths = a.tensor("lengths");
  const bool batch_first = a.boolean("batch_first");
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() < 2) return invalid("rank of the input of " + a.name);
  auto n = rows_of_steps(e, *lengths);
  if (!n) return n.error();
  const std::int64_t batch = x->size[batch_first ? 0 : 1], length = x->size[batch_first ? 1 : 0];
  if (static_cast<std::int64_t>(n->size()) != batch || n->front() > length)
    return invalid("lengths of " + a.name);
  std::vector<std::int64_t> index;
  std::vector<double> rows;
  if (batch * n->front() > static_cast<std::int64_t>(most_made))
    return too_large("rows of " + a.name);
  for (std::int64_t t = 0; t < n->front(); ++t) {
    const auto more = std::count_if(n->begin(), n->end(), [&](std::int64_t v) { return v > t; });
    rows.push_back(static_cast<double>(more));
    for (std::int64_t b = 0; b < more; ++b)
      index.push_back(batch_first ? b * length + t : t * batch + b);
  }
  std::vector<std::int64_t> size(x->size.begin() + 1, x->size.end());
  size[0] = batch * length;
  const auto line = reshaped(e, *x, std::move(size));
  if (!line) return line;
  const auto data = picked(e, *line->t, 0, index);
  if (!data) return data;
  const auto steps =
      constant_tensor(e, rows, {static_cast<std::int64_t>(rows.size())}, scalar::s64);
  if (!steps) return steps;
  return e.c.values.list({*data, *steps}, kind::tuple);
}
/// _pad_packed_sequence(data, batch_sizes, batch_first, padding_value, total_length).
inline result<value> pad_sequence(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("data"), *sizes = a.tensor("batch_sizes");
  const bool batch_first = a.boolean("batch_first");
  const double fill = a.real("padding_value");
  const std::int64_t total = a.integer("total_length");
  if (auto s = a.check(); !s) return s.error();
  const auto rows = rows_of_steps(e, *sizes);
  if (!rows) return rows.error();
  const std::int64_t batch = rows->front(), given = static_cast<std::int64_t>(rows->size()),
                     length = std::max(total, given);
  if (x->rank() < 1 || length > most_steps || batch * length > static_cast<std::int64_t>(most_made))
    return too_large("rows of " + a.name);
  std::vector<std::int64_t> index, amounts(2 * x->size.size(), 0);
  std::vector<double> lengths(as_size(batch), 0);
  std::int64_t begin = 0;
  for (std::int64_t t = 0; t < length; ++t) {
    const std::int64_t n = t < given ? (*rows)[as_size(t)] : 0;
    for (std::int64_t b = 0; b < batch; ++b) {
      index.push_back(b < n ? begin + b : x->size[0]);
      if (b < n) lengths[as_size(b)] = static_cast<double>(t + 1);
    }
    begin += n;
  }
  if (begin != x->size[0]) return invalid("rows of a packed sequence in " + a.name);
  amounts.back() = 1;  // a row of the padding value
  const auto more = padded(e, a, *x, amounts, "constant", fill);
  if (!more) return more;
  auto y = picked(e, *more->t, 0, index);
  std::vector<std::int64_t> size = x->size, order;
  size[0] = batch;
  size.insert(size.begin(), length);
  for (std::size_t i = 0; i < size.size(); ++i) order.push_back(static_cast<std::int64_t>(i));
  if (y) y = reshaped(e, *y->t, std::move(size));
  if (batch_first) std::swap(order[0], order[1]);
  if (y) y = permuted(e, *y->t, order);
  if (!y) return y;
  const auto n = constant_tensor(e, lengths, {batch}, scalar::s64);
  if (!n) return n;
  return e.c.values.list({*y, *n}, kind::tuple);
}
/// One step from the state `hx`: the next one, of an LSTM a tuple of both.
template <cell_kind What>
result<value> cell_step(emitter& e, arguments& a, const step& x, const cell_weights& w) {
  const auto state = states_argument(a, "hx");
  if (!state) return state.error();
  if (state->size() != states_of(What)) return invalid("state of " + a.name);
  cell_state s{(*state)[state_place::h], nullptr};
  if (What == cell_kind::lstm) s.c = (*state)[state_place::c];
  const auto next = next_state(e, What, input_gates(e, x, w), s, w);
  if (!next) return next.error();
  if (What != cell_kind::lstm) return value_of(*next->h);
  return e.c.values.list({value_of(*next->h), value_of(*next->c)}, kind::tuple);
}
/// quantized_lstm_cell_dynamic(x, state, w_ih, w_hh, b_ih, b_hh) and its relatives: the biases are
/// those of the packed layers.
template <cell_kind What> result<value> dynamic_cell(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "input");
  const auto wi = packed_argument(e, a, "w_ih"), wh = packed_argument(e, a, "w_hh");
  if (!x) return x.error();
  if (!wi) return wi.error();
  if (!wh) return wh.error();
  cell_weights w;
  w.packed_input = *wi, w.packed_state = *wh, w.reduce_range = true;
  return cell_step<What>(e, a, x, w);
}
/// lstm_cell(x, state, w_ih, w_hh, b_ih, b_hh), gru_cell, rnn_tanh_cell, rnn_relu_cell of floats.
template <cell_kind What> result<value> float_cell(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "input");
  if (!x) return x.error();
  cell_weights w;
  w.input = a.tensor("w_ih"), w.state = a.tensor("w_hh");
  if (!a.none("b_ih")) w.input_bias = a.tensor("b_ih");
  if (!a.none("b_hh")) w.state_bias = a.tensor("b_hh");
  if (auto s = a.check(); !s) return s.error();
  return cell_step<What>(e, a, x, w);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_RECURRENT_HPP_
// ---- octet/import/torch/rows_resample.hpp
// Rows that take floats to other extents axis by axis, and images at places of a grid:
// interpolation of lines and volumes, cubic and with antialias, grid_sampler, affine_grid.
#ifndef OCTET_IMPORT_TORCH_ROWS_RESAMPLE_HPP_
#define OCTET_IMPORT_TORCH_ROWS_RESAMPLE_HPP_


OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

/// The factors that a program gives for the axes behind the channels, 0 where it gives none: a list
/// `scales` or `scale_factors`, or a number for each.
inline result<std::vector<double>> factors_of_axes(arguments& a, std::size_t axes) {
  constexpr std::string_view numbers[][3] = {
      {"scales", "", ""}, {"scales_h", "scales_w", ""}, {"scales_d", "scales_h", "scales_w"}};
  std::vector<double> f(axes, 0.);
  const value first = a[numbers[axes - 1][0]];
  for (std::size_t k = 0; k < axes; ++k) {
    const value v = !first.is_sequence()            ? a[numbers[axes - 1][k]]
                    : first.c->items.size() == axes ? first.c->items[k]
                                                    : value{};
    if (first.is_sequence() && first.c->items.size() != axes)
      return invalid("factors of " + a.name, std::to_string(first.c->items.size()));
    if (v.is(kind::none)) continue;
    if (!read_number(v, f[k])) return invalid("factors of " + a.name);
  }
  return f;
}
/// The extents that are asked for, or those of x times the factors.
inline result<std::vector<std::int64_t>> resampled_extents(arguments& a, const tensor_data& x,
                                                           const std::vector<double>& factor) {
  std::vector<std::int64_t> size;
  if (!a.none("output_size")) size = a.integers("output_size");
  if (auto s = a.check(); !s) return s.error();
  if (size.empty())
    for (std::size_t k = 0; k < factor.size(); ++k)
      size.push_back(static_cast<std::int64_t>(numerics::floor(
          numerics::clamp(numerics::mul(static_cast<double>(x.size[2 + k]), factor[k]), 0., 1e9))));
  if (size.size() != factor.size()) return invalid("output size of " + a.name);
  for (const std::int64_t n : size)
    if (a.small("output_size", n) < 1) return invalid("output size of " + a.name);
  if (auto s = a.check(); !s) return s.error();
  return size;
}
/// Floats [N, C, ..] with `Axes` axes behind the channels, each to another extent, the innermost
/// first.
template <int Axes, bool Cubic, bool Antialias> result<value> resampled(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "input");
  if (!x) return x.error();
  if ((*x)->rank() != Axes + 2)
    return unsupported("input of " + a.name, std::to_string((*x)->rank()) + " axes",
                       std::to_string(Axes + 2));
  const auto factor = factors_of_axes(a, Axes);
  if (!factor) return factor.error();
  const auto size = resampled_extents(a, **x, *factor);
  if (!size) return size.error();
  resample_attrs r;
  r.cubic = Cubic, r.antialias = Antialias;
  r.align_corners = a.boolean("align_corners");
  if (auto s = a.check(); !s) return s.error();
  auto at = e.held(**x, true);
  if (!at) return at.error();
  for (int k = Axes - 1; k >= 0; --k) {
    r.axis = 1 + k;
    r.extent = static_cast<std::int32_t>((*size)[as_size(k)]), r.factor = (*factor)[as_size(k)];
    const tensor_id to = e.make(scalar::f32);
    if (auto s = e.emit(ops::resample, {*at}, to, to_attributes(r)); !s) return s.error();
    at = to;
  }
  return e.wrap(*at, scalar::f32, true, suggests_channels_last(**x));
}
/// upsample_nearest3d(x, size, scales): each axis picks the element at its place.
inline result<value> upsample_volume(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("input");
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() != 5)
    return unsupported("input of " + a.name, std::to_string(x->rank()) + " axes", "5");
  const auto factor = factors_of_axes(a, 3);
  if (!factor) return factor.error();
  const auto size = resampled_extents(a, *x, *factor);
  if (!size) return size.error();
  value v = value_of(*x);
  for (std::size_t k = 0; k < 3; ++k) {
    const auto n = a.small("input", x->size[2 + k]), out = static_cast<std::int32_t>((*size)[k]);
    if (auto s = a.check(); !s) return s.error();
    if (n < 1) return invalid("extents of " + a.name, std::to_string(n));
    if (auto s = e.c.build.work.spend(sizeof(std::int64_t) * as_size(out)); !s) return s.error();
    std::vector<std::int64_t> index;
    for (std::int32_t i = 0; i < out; ++i)
      index.push_back(nearest_source(i, n, out, false, false, (*factor)[k]));
    const auto next = picked(e, *v.t, 2 + k, index);
    if (!next) return next;
    v = *next;
  }
  return as_contiguous(e, v);
}
/// grid_sampler(x, grid, mode, padding, align_corners), of images.
inline result<value> grid_sampler(emitter& e, arguments& a) {
  constexpr std::int64_t nearest = 1, cubic = 2;
  const step x = real_argument(e, a, "input"), grid = real_argument(e, a, "grid");
  const std::int64_t mode = a.integer("interpolation_mode"), padding = a.integer("padding_mode");
  grid_sample_attrs how;
  how.align_corners = a.boolean("align_corners");
  if (!x) return x.error();
  if (!grid) return grid.error();
  if (auto s = a.check(); !s) return s.error();
  if ((*x)->rank() != 4)
    return unsupported("input of " + a.name, std::to_string((*x)->rank()) + " axes", "4");
  if (mode < 0 || mode >= cubic || padding < 0 || padding > 2)
    return unsupported("mode of " + a.name, mode == cubic ? "bicubic" : std::to_string(mode),
                       "bilinear, nearest");
  how.nearest = mode == nearest, how.padding = static_cast<grid_padding>(padding);
  const auto in = e.held(**x, true), places = e.held(**grid, false);
  if (!in) return in.error();
  if (!places) return places.error();
  const tensor_id to = e.make(scalar::f32);
  if (auto s = e.emit(ops::grid_sample, {*in, *places}, to, to_attributes(how)); !s)
    return s.error();
  return e.wrap(to, scalar::f32, true, false);
}
/// Places from -1 to 1 along an axis: of the outermost pixels' centres, or edges.
inline std::vector<double> places_along(std::int64_t n, bool align_corners) {
  std::vector<double> places = evenly_spaced(-1.f, 1.f, n);
  if (align_corners) return places;
  for (double& v : places)
    v = static_cast<double>(numerics::div(
        numerics::mul(static_cast<float>(v), static_cast<float>(n - 1)), static_cast<float>(n)));
  return places;
}
/// affine_grid_generator(theta [N, 2, 3], size [N, C, H, W], align_corners): each place, and 1,
/// times theta.
inline result<value> affine_grid(emitter& e, arguments& a) {
  const step theta = real_argument(e, a, "theta");
  const auto size = a.integers("size");
  const bool corners = a.boolean("align_corners");
  if (!theta) return theta.error();
  if (auto s = a.check(); !s) return s.error();
  if (size.size() != 4 || (*theta)->rank() != 3)
    return unsupported("size of " + a.name, std::to_string(size.size()) + " extents", "4");
  const std::int64_t h = a.small("size", size[2]), w = a.small("size", size[3]);
  if (auto s = a.check(); !s) return s.error();
  if (h < 1 || w < 1) return invalid("size of " + a.name);
  if (h * w > static_cast<std::int64_t>(most_made) / 3) return too_large("grid of " + a.name);
  const auto xs = places_along(w, corners), ys = places_along(h, corners);
  std::vector<double> base;
  for (const double y : ys)
    for (const double x : xs) base.insert(base.end(), {x, y, 1.});
  const auto places = constant_tensor(e, base, {h * w, 3}, scalar::f32);
  if (!places) return places;
  const step grid = matrix_product(e, places->t, with_axes_swapped(e, theta));
  if (!grid) return grid.error();
  return reshaped(e, **grid, {(*theta)->size[0], h, w, 2});
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_RESAMPLE_HPP_
// ---- octet/import/torch/rows_scatter.hpp
// Rows that reduce or put what comes to the same place of a tensor: scatter_add, scatter_reduce,
// index_reduce, index_put with accumulate; and parts of a tensor replaced: select_scatter and its
// kind.
#ifndef OCTET_IMPORT_TORCH_ROWS_SCATTER_HPP_
#define OCTET_IMPORT_TORCH_ROWS_SCATTER_HPP_

#include <algorithm>


OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

// ---- what comes to one place ----

/// For each element of an index of as many axes as x its place among the elements of x, in one
/// line.
inline result<value> places_in(emitter& e, const tensor_data& x, tensor_data& index,
                               std::size_t axis) {
  const auto steps = contiguous_strides(x.size);
  if (index.elements() > static_cast<std::int64_t>(most_made) || index.elements() < 1)
    return too_large("index of " + e.operator_name());
  if (auto s = e.c.build.work.spend(8 * as_size(index.elements())); !s) return s.error();
  std::vector<double> others(as_size(index.elements()));
  auto along = steps;
  const std::int64_t stride = std::exchange(along[axis], 0);
  each_place(index.size, along, 0, [&](std::int64_t i, std::int64_t place) {
    others[as_size(i)] = static_cast<double>(place);
  });
  const auto rest = constant_tensor(e, others, index.size, scalar::s64);
  if (!rest) return rest;
  const auto by = emit_pair(
      e, ops::mul, {&index, number_of(e, static_cast<double>(stride), scalar::s64)}, scalar::s64);
  if (!by) return by;
  const auto place = emit_pair(e, ops::add, {by->t, rest->t}, scalar::s64);
  if (!place) return place;
  return reshaped(e, *place->t, {index.elements()});
}
/// 0, 1, ... n - 1.
inline result<value> counted(emitter& e, std::int64_t n) {
  if (n > static_cast<std::int64_t>(most_made)) return too_large("a tensor that is written into");
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < n; ++i) numbers.push_back(static_cast<double>(i));
  return constant_tensor(e, numbers, {n}, scalar::s64);
}
/// One node: elements of a line reduced by their places among `n`.
inline result<value> by_place(emitter& e, tensor_data& line, tensor_data& place, std::int64_t n,
                              segment_reduction how) {
  const auto in = e.held(line, false), at = e.held(place, false);
  if (!in) return in.error();
  if (!at) return at.error();
  attributes attrs;
  attrs.set("segments", n), attrs.set("reduction", static_cast<std::int64_t>(how));
  const tensor_id to = e.make(line.type);
  if (auto s = e.emit(ops::segment_reduce, {*in, *at}, to, std::move(attrs)); !s) return s.error();
  return e.wrap(to, line.type, false, false);
}
/// A mean over places: sums through their numbers of elements, whole numbers rounded down.
inline result<value> mean_by_place(emitter& e, const value& sums, tensor_data& place,
                                   std::int64_t n) {
  const scalar type = sums.t->type;
  const auto ones = constant_tensor(e, {1}, place.size, type);
  if (!ones) return ones;
  const auto count = by_place(e, *ones->t, place, n, segment_reduction::sum);
  if (!count) return count;
  const auto some = emit_pair(e, ops::maximum, {count->t, number_of(e, 1, type)}, type);
  if (!some) return some;
  return emit_pair(e, type == scalar::f32 ? ops::div : ops::floor_div, {sums.t, some->t}, type);
}
struct gathering {
  segment_reduction how = segment_reduction::sum;
  bool mean = false, with_self = true;
};
/// x with what of `source`, one line, comes to the places of its elements, in order behind those of
/// x, as PyTorch's loops have it.
inline result<value> gathered_in(emitter& e, tensor_data& x, tensor_data& source,
                                 tensor_data& place, const gathering& g) {
  const std::int64_t n = x.elements();
  const auto line = reshaped(e, x, {n});
  if (!line) return line;
  result<value> what = value_of(source), at = value_of(place);
  if (g.with_self) {
    const auto own = counted(e, n);
    if (!own) return own;
    what = side_by_side(e, *line->t, {*line, *what}, 0);
    at = side_by_side(e, *own->t, {*own, *at}, 0);
    if (!what) return what;
    if (!at) return at;
  }
  auto y = by_place(e, *what->t, *at->t, n, g.how);
  if (y && g.mean) y = mean_by_place(e, *y, *at->t, n);
  if (!y) return y;
  if (!g.with_self) {  // what nothing comes to stays
    const auto ones = constant_tensor(e, {1}, place.size, scalar::s64);
    if (!ones) return ones;
    const auto count = by_place(e, *ones->t, place, n, segment_reduction::sum);
    if (!count) return count;
    const auto any =
        emit_pair(e, ops::greater, {count->t, number_of(e, 0, scalar::s64)}, scalar::boolean);
    if (!any) return any;
    y = chosen(e, *any->t, *y->t, *line->t);
    if (!y) return y;
  }
  return reshaped(e, *y->t, x.size);
}
/// Of scatter_add and scatter_reduce: index and source along an axis, cut to the index.
inline result<value> scattered_in(emitter& e, arguments& a, const gathering& g) {
  tensor_data *x = a.tensor("self"), *index = a.tensor("index"), *source = a.tensor("src");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  e.take_as_indices(*index);
  if (index->type != scalar::s64 || index->rank() != x->rank() || x->rank() == 0 ||
      source->type != x->type || is_quantized(x->type) || source->rank() != x->rank())
    return unsupported("operands of " + a.name, std::string(name_of(source->type)),
                       "an int64 index and numbers of one type");
  value v = value_of(*source);
  for (std::size_t k = 0; k < index->size.size(); ++k) {
    if (v.t->size[k] < index->size[k] || (k != axis && index->size[k] > x->size[k]))
      return invalid("extents of the index of " + a.name);
    if (v.t->size[k] == index->size[k]) continue;
    const auto cut = sliced(e, *v.t, k, 0, index->size[k]);
    if (!cut) return cut;
    v = *cut;
  }
  const auto place = places_in(e, *x, *index, axis);
  if (!place) return place;
  const auto line = reshaped(e, *v.t, {index->elements()});
  if (!line) return line;
  return gathered_in(e, *x, *line->t, *place->t, g);
}
/// index_add(x, dim, index, source, alpha), as scatter_add where the data decides the places.
inline result<value> index_add_anywhere(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *index = a.tensor("index"), *source = a.tensor("source");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  if (e.c.known(*index)) return index_add(e, a);
  const std::size_t axis = a.axis(dim, x->rank());
  const double alpha = a.real("alpha");
  if (auto s = a.check(); !s) return s.error();
  e.take_as_indices(*index);
  if (index->type != scalar::s64 || index->rank() != 1 || source->rank() != x->rank() ||
      source->type != x->type || is_quantized(x->type) || (alpha != 1 && x->type != scalar::f32))
    return unsupported("operands of " + a.name, std::string(name_of(source->type)),
                       "an int64 index and numbers of one type, whole ones with alpha 1");
  for (std::size_t k = 0; k < x->size.size(); ++k)
    if (source->size[k] != (k == axis ? index->size[0] : x->size[k]))
      return invalid("extents of the source of " + a.name);
  if (alpha != 1) {
    const auto scaled = emit_pair(e, ops::mul, {source, number_of(e, alpha, x->type)}, x->type);
    if (!scaled) return scaled;
    source = scaled->t;
  }
  std::vector<std::int64_t> along(x->size.size(), 1);
  along[axis] = index->size[0];
  auto wide = reshaped(e, *index, std::move(along));
  if (wide) wide = expanded(e, *wide->t, source->size);
  if (!wide) return wide;
  const auto place = places_in(e, *x, *wide->t, axis);
  if (!place) return place;
  const auto line = reshaped(e, *source, {source->elements()});
  if (!line) return line;
  return gathered_in(e, *x, *line->t, *place->t, {});
}
/// scatter_add(x, dim, index, src).
inline result<value> scatter_add(emitter& e, arguments& a) { return scattered_in(e, a, {}); }
/// What a reduction is called.
inline result<gathering> gathering_argument(arguments& a) {
  const value name = a["reduce"];
  const std::string text = name.is(kind::string) ? name.c->text : std::string();
  gathering g;
  g.with_self = a.boolean("include_self");
  if (auto s = a.check(); !s) return s.error();
  if (text == "sum") return g;
  g.mean = text == "mean";
  if (text == "prod") g.how = segment_reduction::product;
  if (text == "amax") g.how = segment_reduction::most;
  if (text == "amin") g.how = segment_reduction::least;
  if (g.mean || g.how != segment_reduction::sum) return g;
  return invalid("reduce of " + a.name, text, "sum, prod, mean, amax, amin");
}
/// scatter_reduce(x, dim, index, src, reduce, include_self).
inline result<value> scatter_reduce(emitter& e, arguments& a) {
  const auto g = gathering_argument(a);
  if (!g) return g.error();
  return scattered_in(e, a, *g);
}
/// index_reduce(x, dim, index, source, reduce, include_self): whole slices by an index of one axis.
inline result<value> index_reduce(emitter& e, arguments& a) {
  const auto g = gathering_argument(a);
  if (!g) return g.error();
  tensor_data *index = a.tensor("index"), *source = a.tensor("source");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, source->rank());
  if (auto s = a.check(); !s) return s.error();
  if (index->rank() != 1 || index->size[0] != source->size[axis])
    return invalid("index of " + a.name);
  std::vector<std::int64_t> line(source->size.size(), 1);
  line[axis] = index->size[0];
  e.take_as_indices(*index);
  const auto column = reshaped(e, *index, std::move(line));
  if (!column) return column;
  const auto wide = expanded(e, *column->t, source->size);
  if (!wide) return wide;
  arguments as(
      e.c, a.name,
      {{"self", a["self"]}, {"dim", a["dim"]}, {"index", *wide}, {"src", value_of(*source)}});
  return scattered_in(e, as, *g);
}
/// index_put(x, positions, values, accumulate=True): added one after the other.
inline result<value> index_put_added(emitter& e, tensor_data& x, const value_list& list,
                                     tensor_data& values) {
  if (values.type != x.type || is_quantized(x.type))
    return unsupported("values of " + e.operator_name(), std::string(name_of(values.type)),
                       std::string(name_of(x.type)));
  const auto p = places_of(e, x, list);
  if (!p) return p.error();
  if (p->place.empty()) return value_of(x);
  const auto wide = expanded(e, values, p->size);
  if (!wide) return wide;
  const auto count = static_cast<std::int64_t>(p->place.size());
  const auto line = reshaped(e, *wide->t, {count});
  if (!line) return line;
  std::vector<double> numbers(p->place.begin(), p->place.end());
  const auto place = constant_tensor(e, numbers, {count}, scalar::s64);
  if (!place) return place;
  return gathered_in(e, x, *line->t, *place->t, {});
}
inline result<value> index_put_of(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *values = a.tensor("values");
  const value indices = a["indices"];
  if (!a.boolean("accumulate")) return index_put(e, a);
  if (auto s = a.check(); !s) return s.error();
  if (!indices.is_sequence() || indices.c->items.size() > x->size.size())
    return invalid("positions of " + a.name);
  bool any = false;
  for (const value& v : indices.c->items) {
    if (v.is(kind::none)) continue;
    if (!v.is(kind::tensor) || v.t->type == scalar::boolean)
      return unsupported("positions of " + a.name, "a mask", "indices");
    any = true;
  }
  if (!any) return invalid("positions of " + a.name, "none");
  return index_put_added(e, *x, indices.c->items, *values);
}

// ---- parts replaced ----

/// x with the elements at these steps, from `first` on, replaced by those of `what`.
inline result<value> with_part(emitter& e, tensor_data& x, tensor_data& what,
                               const std::vector<std::int64_t>& steps, std::int64_t first) {
  if (x.elements() > longest_write) return too_large("a tensor that is written into");
  if (auto s = e.c.build.work.spend(8 * as_size(x.elements())); !s) return s.error();
  const auto v = values_like(e, what, x);
  if (!v) return v;
  element_sources from(as_size(x.elements()), -1);
  each_place(what.size, steps, first,
             [&](std::int64_t i, std::int64_t place) { from[as_size(place)] = i; });
  return as_contiguous(e, overwritten(e, x, *v->t, from));
}
/// select_scatter(x, src, dim, index).
inline result<value> select_scatter(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *what = a.tensor("src");
  const std::int64_t dim = a.integer("dim"), index = a.integer("index");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t n = x->size[axis], at = index < 0 ? index + n : index;
  auto size = x->size, steps = contiguous_strides(x->size);
  const std::int64_t stride = steps[axis];
  size.erase(size.begin() + static_cast<std::ptrdiff_t>(axis));
  steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(axis));
  if (at < 0 || at >= n || what->size != size) return invalid("operands of " + a.name);
  return with_part(e, *x, *what, steps, at * stride);
}
/// slice_scatter(x, src, dim, start, end, step).
inline result<value> slice_scatter(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *what = a.tensor("src");
  const std::int64_t dim = a.integer("dim"), by = a.integer("step");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  const std::int64_t n = x->size[axis];
  const auto bound = [&](std::string_view name, std::int64_t otherwise) {
    const std::int64_t v = a.none(name) ? otherwise : a.integer(name);
    return std::clamp<std::int64_t>(v < 0 ? v + n : v, 0, n);
  };
  const std::int64_t begin = bound("start", 0), end = bound("end", n);
  if (auto s = a.check(); !s) return s.error();
  if (by < 1) return invalid("step of " + a.name, std::to_string(by));
  auto size = x->size, steps = contiguous_strides(x->size);
  size[axis] = begin < end ? (end - begin - 1) / by + 1 : 0;
  if (what->size != size) return invalid("operands of " + a.name);
  const std::int64_t first = begin * steps[axis];
  steps[axis] *= std::min(by, n);
  return with_part(e, *x, *what, steps, first);
}
/// take(x, index): elements by their places among all.
inline result<value> take(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *index = a.tensor("index");
  if (auto s = a.check(); !s) return s.error();
  const auto line = reshaped(e, *x, {x->elements()});
  if (!line) return line;
  return as_contiguous(e, gathered(e, *line->t, *index, 0));
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_SCATTER_HPP_

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

/// Parameter names and defaults are the schemas', and rows read by those names; trailing arguments
/// that equal a default may be missing in a file.
inline constexpr torch_row all[] = {
    {"aten::quantize_per_tensor", "self, scale, zero_point, dtype", &quantize_per_tensor},
    {"aten::quantize_per_channel", "self, scales, zero_points, axis, dtype", &quantize_per_channel},
    {"aten::dequantize", "self", &dequantize},
    {"quantized::conv1d", "qx, packed_weight, output_scale, output_zero_point",
     &conv<1, false, false>},
    {"quantized::conv1d_relu", "qx, packed_weight, output_scale, output_zero_point",
     &conv<1, true, false>},
    {"quantized::conv2d", "qx, packed_weight, output_scale, output_zero_point",
     &conv<2, false, false>},
    {"quantized::conv2d_relu", "qx, packed_weight, output_scale, output_zero_point",
     &conv<2, true, false>},
    {"quantized::conv2d_add", "qx, qaccum, packed_weight, output_scale, output_zero_point",
     &conv_add<false>},
    {"quantized::conv2d_add_relu", "qx, qaccum, packed_weight, output_scale, output_zero_point",
     &conv_add<true>},
    {"quantized::linear_leaky_relu", "X, W_prepack, Y_scale_i, Y_zero_point_i, negative_slope",
     &linear_behind<ops::leaky_relu>},
    {"quantized::linear_tanh", "X, W_prepack, Y_scale_i, Y_zero_point_i",
     &linear_behind<ops::tanh>},
    {"quantized::conv3d", "qx, packed_weight, output_scale, output_zero_point", &conv3d<false>},
    {"quantized::conv3d_relu", "qx, packed_weight, output_scale, output_zero_point", &conv3d<true>},
    {"quantized::conv_transpose1d", "qx, packed_weight, output_scale, output_zero_point",
     &conv<1, false, true>},
    {"quantized::conv_transpose2d", "qx, packed_weight, output_scale, output_zero_point",
     &conv<2, false, true>},
    {"quantized::conv_transpose3d", "qx, packed_weight, output_scale, output_zero_point",
     &conv_transpose3d},
    {"quantized::linear", "X, W_prepack, Y_scale_i, Y_zero_point_i", &linear<false>},
    {"quantized::linear_relu", "X, W_prepack, Y_scale_i, Y_zero_point_i", &linear<true>},
    {"quantized::conv1d_dynamic", "qx, packed_weight, reduce_range=False", &conv_dynamic},
    {"quantized::conv2d_dynamic", "qx, packed_weight, reduce_range=False", &conv_dynamic},
    {"quantized::conv3d_dynamic", "qx, packed_weight, reduce_range=False", &conv_dynamic},
    {"quantized::conv_transpose1d_dynamic", "qx, packed_weight, reduce_range=False", &conv_dynamic},
    {"quantized::conv_transpose2d_dynamic", "qx, packed_weight, reduce_range=False", &conv_dynamic},
    {"quantized::conv_transpose3d_dynamic", "qx, packed_weight, reduce_range=False", &conv_dynamic},
    {"quantized::linear_dynamic", "X, W_prepack, reduce_range=False",
     &linear_dynamic<false, false>},
    {"quantized::linear_relu_dynamic", "X, W_prepack, reduce_range=False",
     &linear_dynamic<true, false>},
    {"quantized::linear_dynamic_fp16", "X, W_prepack", &linear_dynamic<false, true>},
    {"quantized::linear_relu_dynamic_fp16", "X, W_prepack", &linear_dynamic<true, true>},
    {"quantized::linear_prepack_fp16", "W, B=None", &prepack},
    {"quantized::conv3d_prepack", "weight, bias, stride, padding, dilation, groups", &prepack},
    {"quantized::embedding_bag_prepack", "weight", &prepack},
    {"aten::to",
     "self, a=None, b=None, c=None, d=None, e=None, dtype=None, layout=None, device=None, "
     "pin_memory=None, non_blocking=None, copy=None, memory_format=None",
     &to},
    {"quantized::conv1d_prepack", "weight, bias, stride, padding, dilation, groups", &prepack},
    {"quantized::conv2d_prepack", "weight, bias, stride, padding, dilation, groups", &prepack},
    {"quantized::conv_transpose1d_prepack",
     "weight, bias, stride, padding, output_padding, dilation, groups", &prepack},
    {"quantized::conv_transpose2d_prepack",
     "weight, bias, stride, padding, output_padding, dilation, groups", &prepack},
    {"quantized::conv_transpose3d_prepack",
     "weight, bias, stride, padding, output_padding, dilation, groups", &prepack},
    {"quantized::linear_prepack", "W, B=None", &prepack},

    {"quantized::add", "qa, qb, scale=None, zero_point=None", &binary<false, false>},
    {"quantized::add_relu", "qa, qb, scale=None, zero_point=None", &binary<false, true>},
    {"quantized::mul", "qa, qb, scale=None, zero_point=None", &binary<true, false>},
    {"quantized::mul_relu", "qa, qb, scale=None, zero_point=None", &binary<true, true>},
    {"quantized::add_scalar", "qa, b", &add_scalar<false>},
    {"quantized::add_scalar_relu", "qa, b", &add_scalar<true>},
    {"quantized::mul_scalar", "qa, b", &mul_scalar<false>},
    {"quantized::mul_scalar_relu", "qa, b", &mul_scalar<true>},
    {"quantized::cat", "qx, dim, scale=None, zero_point=None", &cat<true, false>},
    {"quantized::cat_relu", "qx, dim, scale=None, zero_point=None", &cat<true, true>},
    {"aten::cat", "tensors, dim=0", &cat<false, false>},
    {"aten::relu", "self", &also_whole<&relu>},
    {"aten::relu_", "self", &also_whole<&relu>},
    {"quantized::relu6", "qx, inplace=False", &relu6},
    {"aten::relu6", "self", &relu6},
    {"aten::relu6_", "self", &relu6},
    {"aten::clamp", "self, min=None, max=None", &clamp_any},
    {"aten::clamp_", "self, min=None, max=None", &clamp_any},
    {"quantized::clamp", "qx, min=None, max=None", &clamp},
    {"aten::hardtanh", "self, min_val=-1, max_val=1", &hardtanh},
    {"aten::hardtanh_", "self, min_val=-1, max_val=1", &hardtanh},
    {"aten::sigmoid", "self", &fixed_unary<logistic_forms>},
    {"aten::sigmoid_", "self", &fixed_unary<logistic_forms>},
    {"aten::hardsigmoid", "self", &fixed_unary<hard_sigmoid_forms>},
    {"aten::hardsigmoid_", "self", &fixed_unary<hard_sigmoid_forms>},
    {"aten::tanh", "self", &fixed_unary<tanh_forms>},
    {"aten::tanh_", "self", &fixed_unary<tanh_forms>},
    {"quantized::sigmoid", "qx, output_scale, output_zero_point", &quantized_sigmoid},
    {"quantized::hardswish", "input, output_scale, output_zero_point", &hardswish},
    {"quantized::elu", "self, output_scale, output_zero_point, alpha=1, scale=1, input_scale=1",
     &elu},
    {"quantized::leaky_relu", "qx, negative_slope, inplace, output_scale, output_zero_point",
     &leaky_relu},
    {"quantized::prelu", "qx, weight, output_scale, output_zero_point", &prelu},
    {"quantized::softmax", "qx, dim, output_scale, output_zero_point", &quantized_softmax},
    {"aten::softmax", "self, dim, dtype=None", &float_softmax<ops::softmax>},
    {"aten::log_softmax", "self, dim, dtype=None", &float_softmax<ops::log_softmax>},
    {"aten::hardswish", "self", &float_hardswish},
    {"aten::hardswish_", "self", &float_hardswish},
    {"quantized::batch_norm", "qx, weight, bias, mean, var, eps, output_scale, output_zero_point",
     &batch_norm<false>},
    {"quantized::batch_norm_relu",
     "qx, weight, bias, mean, var, eps, output_scale, output_zero_point", &batch_norm<true>},
    {"quantized::batch_norm1d", "qx, weight, bias, mean, var, eps, output_scale, output_zero_point",
     &batch_norm<false>},
    {"quantized::batch_norm1d_relu",
     "qx, weight, bias, mean, var, eps, output_scale, output_zero_point", &batch_norm<true>},
    {"quantized::batch_norm2d", "qx, weight, bias, mean, var, eps, output_scale, output_zero_point",
     &batch_norm<false>},
    {"quantized::batch_norm2d_relu",
     "qx, weight, bias, mean, var, eps, output_scale, output_zero_point", &batch_norm<true>},
    {"quantized::batch_norm3d", "qx, weight, bias, mean, var, eps, output_scale, output_zero_point",
     &batch_norm<false>},
    {"quantized::batch_norm3d_relu",
     "qx, weight, bias, mean, var, eps, output_scale, output_zero_point", &batch_norm<true>},
    {"quantized::layer_norm",
     "input, normalized_shape, weight, bias, eps, output_scale, output_zero_point", &layer_norm},
    {"quantized::group_norm",
     "input, num_groups, weight, bias, eps, output_scale, output_zero_point", &group_norm<false>},
    {"quantized::instance_norm", "input, weight, bias, eps, output_scale, output_zero_point",
     &group_norm<true>},
    {"quantized::matmul", "qa, qb, scale, zero_point", &quantized_matmul},
    {"quantized::dropout", "self, output_scale=None, output_zero_point=None, p=0.5, train=False",
     &same},

    {"aten::add", "self, other, alpha=1", &scaled_sum<ops::add>},
    {"aten::add_", "self, other, alpha=1", &scaled_sum<ops::add>},
    {"aten::sub", "self, other, alpha=1", &scaled_sum<ops::sub>},
    {"aten::sub_", "self, other, alpha=1", &scaled_sum<ops::sub>},
    {"aten::rsub", "self, other, alpha=1", &scaled_sum<ops::sub, true>},
    {"aten::mul", "self, other", &plain_binary<ops::mul>},
    {"aten::mul_", "self, other", &plain_binary<ops::mul>},
    {"aten::div", "self, other, rounding_mode=None", &divide},
    {"aten::div_", "self, other, rounding_mode=None", &divide},
    {"aten::true_divide", "self, other, rounding_mode=None", &divide},
    {"aten::floor_divide", "self, other", &plain_binary<ops::floor_div>},
    {"aten::remainder", "self, other", &plain_binary<ops::floor_mod>},
    {"aten::maximum", "self, other", &extreme<ops::maximum>},
    {"aten::minimum", "self, other", &extreme<ops::minimum>},
    {"aten::eq", "self, other", &comparison<ops::equal>},
    {"aten::ne", "self, other", &comparison<ops::not_equal>},
    {"aten::lt", "self, other", &comparison<ops::less>},
    {"aten::le", "self, other", &comparison<ops::less_equal>},
    {"aten::gt", "self, other", &comparison<ops::greater>},
    {"aten::ge", "self, other", &comparison<ops::greater_equal>},
    {"aten::logical_and", "self, other", &logical<ops::logical_and>},
    {"aten::logical_or", "self, other", &logical<ops::logical_or>},
    {"aten::__and__", "self, other", &bitwise<true>},
    {"aten::__or__", "self, other", &bitwise<false>},
    {"aten::bitwise_and", "self, other", &bitwise<true>},
    {"aten::bitwise_or", "self, other", &bitwise<false>},
    {"aten::logical_not", "self", &logical_not},
    {"aten::__not__", "self", &logical_not},
    {"aten::bitwise_not", "self", &bitwise_not},
    {"aten::where", "condition, self, other", &where},
    {"aten::masked_fill", "self, mask, value", &masked_fill<false>},
    {"aten::masked_fill_", "self, mask, value", &masked_fill<true>},
    {"aten::threshold", "self, threshold, value", &threshold},
    {"aten::threshold_", "self, threshold, value", &threshold},

    {"aten::abs", "self", &absolute},
    {"aten::neg", "self", &neg},
    {"aten::exp", "self", &float_unary<ops::exp>},
    {"aten::log", "self", &float_unary<ops::log>},
    {"aten::log1p", "self", &log1p},
    {"aten::expm1", "self", &expm1},
    {"aten::log2", "self", &log_to_base<2>},
    {"aten::log10", "self", &log_to_base<10>},
    {"aten::sqrt", "self", &float_unary<ops::sqrt>},
    {"aten::rsqrt", "self", &float_unary<ops::rsqrt>},
    {"aten::sin", "self", &float_unary<ops::sin>},
    {"aten::cos", "self", &float_unary<ops::cos>},
    {"aten::floor", "self", &rounded<ops::floor>},
    {"aten::ceil", "self", &rounded<ops::ceil>},
    {"aten::round", "self, decimals=0", &round_to},
    {"aten::square", "self", &square},
    {"aten::sign", "self", &sign},
    {"aten::trunc", "self", &trunc},
    {"aten::fix", "self", &trunc},
    {"aten::erf", "self", &float_unary<ops::erf>},
    {"aten::fmod", "self, other", &fmod},
    {"aten::prod", "self, dim=None, keepdim=False, dtype=None", &product_of},
    {"aten::lerp", "self, end, weight", &lerp},
    {"aten::tril", "self, diagonal=0", &triangle<true>},
    {"aten::triu", "self, diagonal=0", &triangle<false>},
    {"aten::logsumexp", "self, dim, keepdim=False", &logsumexp},
    {"aten::addcmul", "self, tensor1, tensor2, value=1", &added_scaled<ops::mul>},
    {"aten::addcdiv", "self, tensor1, tensor2, value=1", &added_scaled<ops::div>},
    {"aten::outer", "self, vec2", &outer},
    {"aten::dot", "self, tensor", &dot},
    {"aten::rms_norm", "input, normalized_shape, weight=None, eps=None", &rms_norm},
    {"aten::hardshrink", "self, lambd=0.5", &shrunk<false>},
    {"aten::softshrink", "self, lambd=0.5", &shrunk<true>},
    {"aten::multiply", "self, other", &plain_binary<ops::mul>},
    {"aten::subtract", "self, other, alpha=1", &scaled_sum<ops::sub>},
    {"aten::divide", "self, other, rounding_mode=None", &divide},
    {"aten::clip", "self, min=None, max=None", &clamp_any},
    {"aten::absolute", "self", &absolute},
    {"aten::negative", "self", &neg},
    {"aten::reciprocal", "self", &reciprocal},
    {"aten::int_repr", "self", &codes},
    {"aten::isnan", "self", &isnan},
    {"aten::isinf", "self", &by_infinity<ops::equal>},
    {"aten::isposinf", "self", &is_infinity<1>},
    {"aten::isneginf", "self", &is_infinity<-1>},
    {"aten::isclose", "self, other, rtol=1e-05, atol=1e-08, equal_nan=False", &isclose},
    {"aten::isin", "elements, test_elements, assume_unique=False, invert=False", &isin},
    {"aten::fmax", "self, other", &extreme_number<ops::maximum>},
    {"aten::fmin", "self, other", &extreme_number<ops::minimum>},
    {"aten::rad2deg", "self", &angle<true>},
    {"aten::deg2rad", "self", &angle<false>},
    {"aten::hypot", "self, other", &hypot},
    {"aten::logit", "self, eps=None", &logit},
    {"aten::heaviside", "self, values", &heaviside},
    {"aten::nansum", "self, dim=None, keepdim=False, dtype=None", &without_nan<false>},
    {"aten::nanmean", "self, dim=None, keepdim=False, dtype=None", &without_nan<true>},
    {"aten::cummax", "self, dim", &running_extreme<ops::greater_equal>},
    {"aten::cummin", "self, dim", &running_extreme<ops::less_equal>},
    {"aten::isfinite", "self", &by_infinity<ops::less>},
    {"aten::nan_to_num", "self, nan=None, posinf=None, neginf=None", &nan_to_num},
    {"aten::logical_xor", "self, other", &logical_xor},
    {"aten::__xor__", "self, other", &bitwise_xor},
    {"aten::bitwise_xor", "self, other", &bitwise_xor},
    {"aten::__lshift__", "self, other", &shifted_bits<true>},
    {"aten::__rshift__", "self, other", &shifted_bits<false>},
    {"aten::bitwise_left_shift", "self, other", &shifted_bits<true>},
    {"aten::bitwise_right_shift", "self, other", &shifted_bits<false>},
    {"aten::count_nonzero", "self, dim=None", &count_nonzero},
    {"aten::aminmax", "self, dim=None, keepdim=False", &both_extremes},
    {"aten::std_mean", "self, dim=None, unbiased=True, keepdim=False, correction=None",
     &deviation_and_mean<true>},
    {"aten::var_mean", "self, dim=None, unbiased=True, keepdim=False, correction=None",
     &deviation_and_mean<false>},
    {"aten::mT", "self", &swapped},
    {"aten::mH", "self", &swapped},
    {"aten::adjoint", "self", &swapped},
    {"aten::real", "self", &same},
    {"aten::conj", "self", &same},
    {"aten::frac", "self", &frac},
    {"aten::sgn", "self", &sign},
    {"aten::exp2", "self", &exp2},
    {"aten::tan", "self", &tangent},
    {"aten::sinh", "self", &sinh},
    {"aten::cosh", "self", &cosh},
    {"aten::logaddexp", "self, other", &logaddexp},
    {"aten::cosine_similarity", "x1, x2, dim=1, eps=1e-08", &cosine_similarity},
    {"aten::pairwise_distance", "x1, x2, p=2, eps=1e-06, keepdim=False", &pairwise_distance},
    {"aten::cdist", "x1, x2, p=2, compute_mode=None", &cdist},
    {"aten::tril_indices",
     "row, col, offset=0, dtype=None, layout=None, device=None, pin_memory=None",
     &triangle_indices<true>},
    {"aten::triu_indices",
     "row, col, offset=0, dtype=None, layout=None, device=None, pin_memory=None",
     &triangle_indices<false>},
    {"aten::rrelu", "self, lower=0.125, upper=0.3333333333333333, training=False, generator=None",
     &rrelu},
    {"aten::positive", "self", &same},
    {"aten::_weight_norm", "v, g, dim=0", &weight_norm},
    {"aten::broadcast_tensors", "tensors", &broadcast_tensors},
    {"aten::pow", "self, exponent", &pow},
    {"aten::silu", "self", &silu},
    {"aten::silu_", "self", &silu},
    {"aten::mish", "self", &mish},
    {"aten::mish_", "self", &mish},
    {"aten::gelu", "self, approximate='none'", &gelu},
    {"aten::glu", "self, dim=-1", &glu},
    {"aten::softplus", "self, beta=1, threshold=20", &softplus},
    {"aten::log_sigmoid", "self", &log_sigmoid},
    {"aten::leaky_relu", "self, negative_slope=0.01", &plain_leaky_relu},
    {"aten::leaky_relu_", "self, negative_slope=0.01", &plain_leaky_relu},
    {"aten::elu", "self, alpha=1, scale=1, input_scale=1", &plain_elu},
    {"aten::elu_", "self, alpha=1, scale=1, input_scale=1", &plain_elu},
    {"aten::celu", "self, alpha=1", &celu},
    {"aten::selu", "self", &selu},
    {"aten::prelu", "self, weight", &plain_prelu},
    {"aten::clamp_min", "self, min", &clamp_one<true>},
    {"aten::clamp_max", "self, max", &clamp_one<false>},

    {"aten::sum", "self, dim=None, keepdim=False, dtype=None", &float_sum},
    {"aten::std", "self, dim=None, unbiased=True, keepdim=False, correction=None",
     &deviation<true>},
    {"aten::var", "self, dim=None, unbiased=True, keepdim=False, correction=None",
     &deviation<false>},
    {"aten::norm", "self, p=2, dim=None, keepdim=False, dtype=None", &norm},
    {"aten::linalg_vector_norm", "self, ord=2, dim=None, keepdim=False, dtype=None", &vector_norm},
    {"aten::layer_norm",
     "input, normalized_shape, weight=None, bias=None, eps=1e-05, cudnn_enable=True",
     &float_layer_norm},
    {"aten::group_norm", "input, num_groups, weight=None, bias=None, eps=1e-05, cudnn_enabled=True",
     &float_group_norm},
    {"aten::batch_norm",
     "input, weight, bias, running_mean, running_var, training, momentum, eps, cudnn_enabled=True",
     &float_batch_norm},
    {"aten::instance_norm",
     "input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, "
     "cudnn_enabled=True",
     &float_instance_norm},
    {"aten::_convolution",
     "input, weight, bias, stride, padding, dilation, transposed, output_padding, groups, "
     "benchmark=False, deterministic=False, cudnn_enabled=False, allow_tf32=False",
     &any_convolution},
    {"aten::convolution",
     "input, weight, bias, stride, padding, dilation, transposed, output_padding, groups",
     &any_convolution},
    {"aten::conv1d", "input, weight, bias=None, stride=[1], padding=[0], dilation=[1], groups=1",
     &on_one_image<&plain_convolution, 2>},
    {"aten::conv2d",
     "input, weight, bias=None, stride=[1, 1], padding=[0, 0], dilation=[1, 1], groups=1",
     &on_one_image<&plain_convolution, 3>},
    {"aten::conv3d",
     "input, weight, bias=None, stride=[1, 1, 1], padding=[0, 0, 0], dilation=[1, 1, 1], groups=1",
     &on_one_image<&plain_convolution, 4>},
    {"aten::_convolution_mode", "input, weight, bias, stride, padding, dilation, groups",
     &plain_convolution},
    {"aten::conv_transpose1d",
     "input, weight, bias=None, stride=[1], padding=[0], output_padding=[0], groups=1, "
     "dilation=[1]",
     &on_one_image<&plain_transposed, 2>},
    {"aten::conv_transpose2d",
     "input, weight, bias=None, stride=[1, 1], padding=[0, 0], output_padding=[0, 0], groups=1, "
     "dilation=[1, 1]",
     &on_one_image<&plain_transposed, 3>},
    {"aten::conv_transpose3d",
     "input, weight, bias=None, stride=[1, 1, 1], padding=[0, 0, 0], output_padding=[0, 0, 0], "
     "groups=1, dilation=[1, 1, 1]",
     &on_one_image<&plain_transposed, 4>},
    {"aten::linear", "input, weight, bias=None", &float_linear},
    {"aten::matmul", "self, other", &matmul},
    {"aten::mm", "self, mat2", &mm},
    {"aten::bmm", "self, mat2", &mm},
    {"aten::mv", "self, vec", &mv},
    {"aten::addmm", "self, mat1, mat2, beta=1, alpha=1", &addmm},
    {"aten::baddbmm", "self, batch1, batch2, beta=1, alpha=1", &baddbmm},
    {"aten::addmv", "self, mat, vec, beta=1, alpha=1", &addmv},
    {"aten::addbmm", "self, batch1, batch2, beta=1, alpha=1", &addbmm},
    {"aten::addr", "self, vec1, vec2, beta=1, alpha=1", &addr},
    {"aten::tensordot", "self, other, dims_self, dims_other", &tensordot},
    {"aten::inner", "self, other", &inner_product},
    {"aten::vdot", "self, tensor", &dot},
    {"aten::kron", "self, other", &kron},
    {"aten::bilinear", "input1, input2, weight, bias=None", &bilinear},
    {"aten::cross", "self, other, dim=None", &cross},
    {"aten::linalg_cross", "self, other, dim=-1", &cross},
    {"aten::trace", "self", &trace},
    {"aten::diag", "self, diagonal=0", &diag},
    {"aten::diag_embed", "self, offset=0, dim1=-2, dim2=-1", &diag_embed},
    {"aten::einsum", "equation, tensors, path=None", &einsum},
    {"aten::scaled_dot_product_attention",
     "query, key, value, attn_mask=None, dropout_p=0., is_causal=False, scale=None, "
     "enable_gqa=False",
     &attention},
    {"aten::_native_multi_head_attention",
     "query, key, value, embed_dim, num_head, qkv_weight, qkv_bias, proj_weight, proj_bias, "
     "mask=None, need_weights=True, average_attn_weights=True, mask_type=None",
     &multi_head_attention},
    {"aten::_transformer_encoder_layer_fwd",
     "src, embed_dim, num_heads, qkv_weight, qkv_bias, proj_weight, proj_bias, use_gelu, "
     "norm_first, eps, norm_weight_1, norm_bias_1, norm_weight_2, norm_bias_2, ffn_weight_1, "
     "ffn_bias_1, ffn_weight_2, ffn_bias_2, mask=None, mask_type=None",
     &encoder_layer},

    {"aten::quantized_lstm",
     "input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first=False, "
     "dtype=None, use_dynamic=False",
     &recurrent<cell_kind::lstm>},
    {"aten::quantized_gru",
     "input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first=False",
     &recurrent<cell_kind::gru>},
    {"aten::lstm",
     "input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first=False",
     &recurrent<cell_kind::lstm>},
    {"aten::gru",
     "input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first=False",
     &recurrent<cell_kind::gru>},
    {"aten::rnn_tanh",
     "input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first=False",
     &recurrent<cell_kind::rnn_tanh>},
    {"aten::rnn_relu",
     "input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first=False",
     &recurrent<cell_kind::rnn_relu>},
    {"aten::_pack_padded_sequence", "input, lengths, batch_first", &pack_sequence},
    {"aten::_pad_packed_sequence", "data, batch_sizes, batch_first, padding_value, total_length",
     &pad_sequence},
    {"quantized::quantized_lstm_cell_dynamic", "input, hx, w_ih, w_hh, b_ih, b_hh",
     &dynamic_cell<cell_kind::lstm>},
    {"quantized::quantized_gru_cell_dynamic", "input, hx, w_ih, w_hh, b_ih, b_hh",
     &dynamic_cell<cell_kind::gru>},
    {"quantized::quantized_rnn_tanh_cell_dynamic", "input, hx, w_ih, w_hh, b_ih, b_hh",
     &dynamic_cell<cell_kind::rnn_tanh>},
    {"quantized::quantized_rnn_relu_cell_dynamic", "input, hx, w_ih, w_hh, b_ih, b_hh",
     &dynamic_cell<cell_kind::rnn_relu>},
    {"aten::lstm_cell", "input, hx, w_ih, w_hh, b_ih=None, b_hh=None",
     &float_cell<cell_kind::lstm>},
    {"aten::gru_cell", "input, hx, w_ih, w_hh, b_ih=None, b_hh=None", &float_cell<cell_kind::gru>},
    {"aten::rnn_tanh_cell", "input, hx, w_ih, w_hh, b_ih=None, b_hh=None",
     &float_cell<cell_kind::rnn_tanh>},
    {"aten::rnn_relu_cell", "input, hx, w_ih, w_hh, b_ih=None, b_hh=None",
     &float_cell<cell_kind::rnn_relu>},
    {"aten::embedding", "weight, indices, padding_idx=-1, scale_grad_by_freq=False, sparse=False",
     &embedding},
    {"quantized::embedding_byte", "weight, indices, pruned_weights=False", &quantized_embedding},
    {"quantized::embedding_4bit", "weight, indices, pruned_weights=False", &quantized_embedding},
    {"quantized::embedding_bag_byte",
     "weight, indices, offsets=None, scale_grad_by_freq=False, mode=0, pruned_weights=False, "
     "per_sample_weights=None, compressed_indices_mapping=None, include_last_offset=False",
     &quantized_bag},
    {"quantized::embedding_bag_4bit",
     "weight, indices, offsets=None, scale_grad_by_freq=False, mode=0, pruned_weights=False, "
     "per_sample_weights=None, compressed_indices_mapping=None, include_last_offset=False",
     &quantized_bag},
    {"aten::embedding_bag",
     "weight, indices, offsets, scale_grad_by_freq=False, mode=0, sparse=False, "
     "per_sample_weights=None, include_last_offset=False, padding_idx=None",
     &float_bag},

    {"aten::max_pool2d",
     "self, kernel_size, stride=[], padding=[0, 0], dilation=[1, 1], ceil_mode=False",
     &on_one_image<&max_pool2d>},
    {"quantized::max_pool2d",
     "qx, kernel_size, stride=[], padding=[0, 0], dilation=[1, 1], ceil_mode=False",
     &on_one_image<&max_pool2d>},
    {"aten::avg_pool2d",
     "self, kernel_size, stride=[], padding=[0, 0], ceil_mode=False, count_include_pad=True, "
     "divisor_override=None",
     &on_one_image<&avg_pool2d>},
    {"aten::adaptive_avg_pool2d", "self, output_size", &on_one_image<&adaptive_average>},
    {"aten::adaptive_max_pool2d", "self, output_size",
     &adaptive_max_pool_with_places<2, &on_one_image<&adaptive_max_pool2d>>},
    {"aten::max_pool1d_with_indices",
     "self, kernel_size, stride=[], padding=[0], dilation=[1], ceil_mode=False",
     &max_pool_with_places<1, &on_one_row<&max_pool2d>>},
    {"aten::max_pool2d_with_indices",
     "self, kernel_size, stride=[], padding=[0, 0], dilation=[1, 1], ceil_mode=False",
     &max_pool_with_places<2, &on_one_image<&max_pool2d>>},
    {"aten::max_pool3d_with_indices",
     "self, kernel_size, stride=[], padding=[0], dilation=[1], ceil_mode=False",
     &max_pool_with_places<3, &max_pool3d>},
    {"aten::max_unpool2d", "self, indices, output_size", &max_unpool<2>},
    {"aten::max_unpool3d", "self, indices, output_size, stride, padding", &max_unpool<3>},
    {"aten::max_pool1d", "self, kernel_size, stride=[], padding=[0], dilation=[1], ceil_mode=False",
     &on_one_image<&on_one_row<&max_pool2d>, 2>},
    {"quantized::max_pool1d",
     "qx, kernel_size, stride=[], padding=[0], dilation=[1], ceil_mode=False",
     &on_one_image<&on_one_row<&max_pool2d>, 2>},
    {"aten::avg_pool1d",
     "self, kernel_size, stride=[], padding=[0], ceil_mode=False, count_include_pad=True, "
     "divisor_override=None",
     &on_one_image<&on_one_row<&avg_pool2d>, 2>},
    {"aten::adaptive_avg_pool1d", "self, output_size",
     &on_one_image<&on_one_row<&adaptive_avg_pool2d>, 2>},
    {"aten::adaptive_max_pool1d", "self, output_size",
     &on_one_image<&adaptive_max_pool_with_places<1, &on_one_row<&adaptive_max_pool2d>>, 2>},
    {"aten::max_pool3d", "self, kernel_size, stride=[], padding=[0], dilation=[1], ceil_mode=False",
     &max_pool3d},
    {"quantized::max_pool3d",
     "self, kernel_size, stride=[], padding=[0], dilation=[1], ceil_mode=False", &max_pool3d},
    {"aten::avg_pool3d",
     "self, kernel_size, stride=[], padding=[0], ceil_mode=False, count_include_pad=True, "
     "divisor_override=None",
     &average_of_volume},
    {"aten::adaptive_avg_pool3d", "self, output_size", &adaptive_avg_pool3d},
    {"aten::upsample_nearest1d", "input, output_size=None, scales=None", &upsample_line},
    {"aten::upsample_linear1d", "input, output_size, align_corners, scales=None",
     &resampled<1, false, false>},
    {"aten::upsample_nearest2d", "input, output_size, scales_h=None, scales_w=None",
     &upsample<false>},
    {"aten::upsample_bilinear2d", "input, output_size, align_corners, scales_h=None, scales_w=None",
     &upsample<true>},
    {"aten::upsample_bicubic2d", "input, output_size, align_corners, scales_h=None, scales_w=None",
     &resampled<2, true, false>},
    {"aten::_upsample_bilinear2d_aa",
     "input, output_size, align_corners, scales_h=None, scales_w=None", &resampled<2, false, true>},
    {"aten::_upsample_bicubic2d_aa",
     "input, output_size, align_corners, scales_h=None, scales_w=None", &resampled<2, true, true>},
    {"aten::upsample_trilinear3d",
     "input, output_size, align_corners, scales_d=None, scales_h=None, scales_w=None",
     &resampled<3, false, false>},
    {"aten::upsample_nearest3d", "input, output_size, scales_d=None, scales_h=None, scales_w=None",
     &upsample_volume},
    {"aten::grid_sampler", "input, grid, interpolation_mode, padding_mode, align_corners",
     &grid_sampler},
    {"aten::grid_sampler_2d", "input, grid, interpolation_mode, padding_mode, align_corners",
     &grid_sampler},
    {"aten::affine_grid_generator", "theta, size, align_corners", &affine_grid},
    {"aten::_upsample_nearest_exact1d", "input, output_size=None, scales=None",
     &upsample_exact_line},
    {"aten::_upsample_nearest_exact2d", "input, output_size=None, scales_h=None, scales_w=None",
     &upsample_exact},
    {"aten::mean", "self, dim=None, keepdim=False, dtype=None", &mean},

    {"aten::flatten", "self, start_dim=0, end_dim=-1", &flatten},
    {"aten::reshape", "self, shape", &reshape},
    {"aten::view", "self, size", &view},
    {"aten::squeeze", "self, dim=None", &squeeze},
    {"aten::unsqueeze", "self, dim", &unsqueeze},
    {"aten::squeeze_", "self, dim=None", &squeeze},
    {"aten::unsqueeze_", "self, dim", &unsqueeze},
    {"aten::transpose_", "self, dim0, dim1", &transpose},
    {"aten::swapaxes_", "self, dim0, dim1", &transpose},
    {"aten::swapdims_", "self, dim0, dim1", &transpose},
    {"aten::t_", "self", &matrix_transpose},
    {"aten::permute", "self, dims", &permute},
    {"aten::transpose", "self, dim0, dim1", &transpose},
    {"aten::slice", "self, dim=0, start=None, end=None, step=1", &slice},
    {"aten::select", "self, dim, index", &select},
    {"aten::chunk", "self, chunks, dim=0", &chunk},
    {"aten::split", "self, split_size, dim=0", &split},
    {"aten::split_with_sizes", "self, split_sizes, dim=0", &split_with_sizes},
    {"aten::unsafe_chunk", "self, chunks, dim=0", &chunk},
    {"aten::unsafe_split", "self, split_size, dim=0", &split},
    {"aten::unsafe_split_with_sizes", "self, split_sizes, dim=0", &split_with_sizes},
    {"aten::channel_shuffle", "self, groups", &channel_shuffle},
    {"aten::pad", "input, pad, mode='constant', value=None", &pad},
    {"aten::constant_pad_nd", "input, pad, value=0", &padded_by<pad_name::constant>},
    {"aten::reflection_pad1d", "self, padding", &padded_by<pad_name::reflect>},
    {"aten::reflection_pad2d", "self, padding", &padded_by<pad_name::reflect>},
    {"aten::replication_pad1d", "self, padding", &padded_by<pad_name::replicate>},
    {"aten::replication_pad2d", "self, padding", &padded_by<pad_name::replicate>},
    {"aten::replication_pad3d", "self, padding", &padded_by<pad_name::replicate>},
    {"aten::view_as", "self, other", &view_as},
    {"aten::ravel", "self", &ravel},
    {"aten::concat", "tensors, dim=0", &cat<false, false>},
    {"aten::concatenate", "tensors, dim=0", &cat<false, false>},
    {"aten::hstack", "tensors", &stacked<1>},
    {"aten::vstack", "tensors", &stacked<2>},
    {"aten::dstack", "tensors", &stacked<3>},
    {"aten::tensor_split", "self, indices_or_sections, dim=0", &tensor_split},
    {"aten::column_stack", "tensors", &column_stack},
    {"aten::atleast_1d", "self", &at_least<1>},
    {"aten::atleast_2d", "self", &at_least<2>},
    {"aten::atleast_3d", "self", &at_least<3>},
    {"aten::hsplit", "self, indices", &split_along<1>},
    {"aten::vsplit", "self, indices", &split_along<0>},
    {"aten::dsplit", "self, indices", &split_along<2>},
    {"aten::rot90", "self, k=1, dims=[0, 1]", &rot90},
    {"aten::diff", "self, n=1, dim=-1, prepend=None, append=None", &diff},
    {"aten::eye", "n, m=None, dtype=None, layout=None, device=None, pin_memory=None", &eye},
    {"aten::new_full",
     "self, size, fill_value, dtype=None, layout=None, device=None, pin_memory=None", &new_full},
    {"aten::fliplr", "self", &flipped<1>},
    {"aten::flipud", "self", &flipped<0>},
    {"aten::repeat_interleave", "self, repeats, dim=None, output_size=None", &repeat_interleave},
    {"aten::swapaxes", "self, dim0, dim1", &transpose},
    {"aten::swapdims", "self, dim0, dim1", &transpose},
    {"aten::moveaxis", "self, source, destination", &movedim},
    {"aten::unflatten", "self, dim, sizes", &unflatten},
    {"aten::t", "self", &matrix_transpose},
    {"aten::numpy_T", "self", &matrix_transpose},
    {"aten::movedim", "self, source, destination", &movedim},
    {"aten::narrow", "self, dim, start, length", &narrow},
    {"aten::unbind", "self, dim=0", &unbind},
    {"aten::stack", "tensors, dim=0", &stack},
    {"aten::expand", "self, size, implicit=False", &expand},
    {"aten::expand_as", "self, other", &expand_as},
    {"aten::broadcast_to", "self, size", &expand},
    {"aten::reshape_as", "self, other", &view_as},
    {"aten::lift_fresh", "self", &same},
    {"aten::repeat", "self, repeats", &repeat<false>},
    {"aten::tile", "self, dims", &repeat<true>},
    {"aten::flip", "self, dims", &flip},
    {"aten::roll", "self, shifts, dims=[]", &roll},
    {"aten::pixel_shuffle", "self, upscale_factor", &pixel_shuffle},
    {"aten::pixel_unshuffle", "self, downscale_factor", &pixel_unshuffle},
    {"aten::unfold", "self, dimension, size, step", &unfold},
    {"aten::im2col", "self, kernel_size, dilation, padding, stride", &im2col},
    {"aten::col2im", "self, output_size, kernel_size, dilation, padding, stride", &col2im},
    {"aten::diagonal", "self, offset=0, dim1=0, dim2=1", &diagonal},
    {"aten::linalg_diagonal", "A, offset=0, dim1=-2, dim2=-1", &diagonal},
    {"aten::gather", "self, dim, index, sparse_grad=False", &gather_elements},
    {"aten::take_along_dim", "self, indices, dim", &take_along},
    {"aten::one_hot", "self, num_classes=-1", &one_hot},
    {"aten::index_select", "self, dim, index", &index_select},
    {"aten::index", "self, indices", &index},
    {"aten::index_put", "self, indices, values, accumulate=False", &index_put_of},
    {"aten::index_put_", "self, indices, values, accumulate=False", &index_put_of},
    {"aten::index_fill", "self, dim, index, value", &index_set<true>},
    {"aten::index_fill_", "self, dim, index, value", &index_set<true>},
    {"aten::index_copy", "self, dim, index, source", &index_set<false>},
    {"aten::index_copy_", "self, dim, index, source", &index_set<false>},
    {"aten::scatter", "self, dim, index, src, reduce=None", &scatter},
    {"aten::scatter_", "self, dim, index, src, reduce=None", &scatter},
    {"aten::index_add", "self, dim, index, source, alpha=1", &index_add_anywhere},
    {"aten::index_add_", "self, dim, index, source, alpha=1", &index_add_anywhere},
    {"aten::scatter_add", "self, dim, index, src", &scatter_add},
    {"aten::scatter_add_", "self, dim, index, src", &scatter_add},
    {"aten::scatter_reduce", "self, dim, index, src, reduce, include_self=True", &scatter_reduce},
    {"aten::scatter_reduce_", "self, dim, index, src, reduce, include_self=True", &scatter_reduce},
    {"aten::index_reduce", "self, dim, index, source, reduce, include_self=True", &index_reduce},
    {"aten::select_scatter", "self, src, dim, index", &select_scatter},
    {"aten::slice_scatter", "self, src, dim=0, start=None, end=None, step=1", &slice_scatter},
    {"aten::take", "self, index", &take},
    {"aten::masked_scatter", "self, mask, source", &masked_scatter},
    {"aten::masked_scatter_", "self, mask, source", &masked_scatter},
    {"aten::copy_", "self, src, non_blocking=False", &copy_into},
    {"aten::fill_", "self, value", &fill},
    {"aten::fill", "self, value", &fill},
    {"aten::zero_", "self", &zero},
    {"aten::max", "self, dim=None, keepdim=False",
     &largest<ops::maximum, ops::reduce_max, ops::arg_max>},
    {"aten::min", "self, dim=None, keepdim=False",
     &largest<ops::minimum, ops::reduce_min, ops::arg_min>},
    {"aten::amax", "self, dim=[], keepdim=False", &reduction_of_axes<ops::reduce_max>},
    {"aten::amin", "self, dim=[], keepdim=False", &reduction_of_axes<ops::reduce_min>},
    {"aten::any", "self, dim=None, keepdim=False", &reduction_of_axes<ops::reduce_any>},
    {"aten::all", "self, dim=None, keepdim=False", &reduction_of_axes<ops::reduce_all>},
    {"aten::argmax", "self, dim=None, keepdim=False", &arg_extreme<ops::arg_max>},
    {"aten::argmin", "self, dim=None, keepdim=False", &arg_extreme<ops::arg_min>},
    {"aten::topk", "self, k, dim=-1, largest=True, sorted=True", &topk},
    {"aten::sort", "self, dim=-1, descending=False, stable=None", &sort},
    {"aten::argsort", "self, dim=-1, descending=False, stable=None", &sort},
    {"aten::kthvalue", "self, k, dim=-1, keepdim=False", &kthvalue},
    {"aten::median", "self, dim=None, keepdim=False", &median},
    {"aten::bucketize", "self, boundaries, out_int32=False, right=False", &bucketize},
    {"aten::searchsorted",
     "sorted_sequence, self, out_int32=False, right=False, side=None, sorter=None", &searchsorted},
    {"aten::cumsum", "self, dim, dtype=None", &accumulated<false>},
    {"aten::cumprod", "self, dim, dtype=None", &accumulated<true>},
    {"aten::msort", "self", &msort},
    {"aten::zeros", "size, dtype=None, layout=None, device=None, pin_memory=None", &filled<0>},
    {"aten::ones", "size, dtype=None, layout=None, device=None, pin_memory=None", &filled<1>},
    {"aten::full", "size, fill_value, dtype=None, layout=None, device=None, pin_memory=None",
     &full},
    {"aten::empty",
     "size, dtype=None, layout=None, device=None, pin_memory=None, memory_format=None", &filled<0>},
    {"aten::empty_like",
     "self, dtype=None, layout=None, device=None, pin_memory=None, memory_format=None",
     &filled_like<0>},
    {"aten::new_empty", "self, size, dtype=None, layout=None, device=None, pin_memory=None",
     &new_filled<0>},
    {"aten::zeros_like",
     "self, dtype=None, layout=None, device=None, pin_memory=None, memory_format=None",
     &filled_like<0>},
    {"aten::ones_like",
     "self, dtype=None, layout=None, device=None, pin_memory=None, memory_format=None",
     &filled_like<1>},
    {"aten::full_like",
     "self, fill_value, dtype=None, layout=None, device=None, pin_memory=None, memory_format=None",
     &full_like},
    {"aten::new_zeros", "self, size, dtype=None, layout=None, device=None, pin_memory=None",
     &new_filled<0>},
    {"aten::new_ones", "self, size, dtype=None, layout=None, device=None, pin_memory=None",
     &new_filled<1>},
    {"aten::arange",
     "start, end=None, step=None, dtype=None, layout=None, device=None, pin_memory=None", &arange},
    {"aten::linspace", "start, end, steps, dtype=None, layout=None, device=None, pin_memory=None",
     &linspace},
    {"aten::meshgrid", "tensors, indexing='ij'", &meshgrid},
    {"aten::tensor", "data, dtype=None, device=None, requires_grad=False", &made_tensor},
    {"aten::as_tensor", "data, dtype=None, device=None", &as_tensor},
    {"aten::scalar_tensor", "s, dtype=None, layout=None, device=None, pin_memory=None",
     &made_tensor},
    {"aten::type_as", "self, other", &type_as},
    {"aten::contiguous", "self, memory_format=0", &contiguous},
    {"aten::clone", "self, memory_format=None", &clone},
    {"aten::detach", "self", &same},
    {"aten::resolve_conj", "self", &same},
    {"aten::resolve_neg", "self", &same},
    {"aten::alias", "self", &same},
    {"aten::dropout", "input, p, train", &same},
    {"aten::dropout_", "input, p, train", &same},
    {"aten::alpha_dropout", "input, p, train", &same},
    {"aten::feature_alpha_dropout", "input, p, train", &same},
    {"aten::feature_dropout", "input, p, train", &same},
};

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_HPP_

OCTET_NAMESPACE_BEGIN
namespace import {

namespace detail {

class torch_loader {
 public:
  /// `opened`: the file's archive; null before a loader has opened it.
  torch_loader(file_bytes f, const torch_options& o, std::shared_ptr<torchscript::archive>& opened,
               first_constants& kept)
      : file_(std::move(f)),
        options_(o),
        c_(file_.name, o.arithmetic, o.max, file_.bytes.size()),
        emit_(c_, torch_rows::all, &torch_rows::written),
        archive_(opened) {
    c_.build.kept = &kept;
  }

  result<graph> run() {
    const numerics::exact_environment environment;
    status s = load();
    if (!s) return error_place{.file = file_.name, .node = c_.place()}.attach(explained(s.error()));
    auto g = c_.build.finish();
    if (!g) return error_place{.file = file_.name}.attach(g.error());
    return g;
  }

 private:
  using value = torchscript::value;
  using kind = torchscript::kind;
  using scalar = torchscript::scalar;
  using tensor_data = torchscript::tensor_data;

  status load() {
    if (auto s = open(); !s) return s;
    const auto root = unpickle("data.pkl", "data/");
    if (!root) return root.error();
    const auto constants = unpickle("constants.pkl", "constants/");
    if (!constants) return constants.error();
    torchscript::interpreter program(c_, emit_, [this](const std::string& m) { return code(m); });
    program.set_constants(*constants);
    const auto forward = program.forward_of(*root);
    if (!forward) return forward.error();
    std::vector<value> arguments;
    if (auto s = inputs(**forward, arguments); !s) return s;
    const auto returned = program.call_forward(*root, std::move(arguments));
    if (!returned) return returned.error();
    c_.module.clear();
    c_.file.clear();
    c_.line = 0;
    if (auto s = c_.missing.check(); !s) return s;
    c_.build.enter(emit_.operator_name());
    if (auto written = outputs(*returned, "output", 0); !written) return written;
    const auto& tensors = c_.build.g.tensors;
    const bool quantized = std::any_of(tensors.begin(), tensors.end(),
                                       [](const tensor& t) { return !t.scales.empty(); });
    if (!quantized)  // observers may be no more than what a float model computes
      if (auto instead = unconverted()) return *instead;
    return unit{};
  }

  // ---- the archive ----

  status open() {
    if (archive_) {
      c_.files = archive_.get();
      return unit{};
    }
    if (options_.arithmetic != law::pytorch_fbgemm && options_.arithmetic != law::pytorch_qnnpack)
      return unsupported("law for PyTorch files", std::string(name_of(options_.arithmetic)),
                         "pytorch_fbgemm, pytorch_qnnpack");
    const auto& b = file_.bytes;
    if (b.empty()) return malformed("an empty file", {}, "the file that torch.jit.save writes");
    if (b.size() >= 2 && b[0] == std::byte{0x80} && b[1] == std::byte{2})  // a pickle
      return unsupported(
          "a file of torch.save in the format before PyTorch 1.6, which holds no program", {},
          "torch.jit.save(torch.jit.trace(model, example), FILE)");
    auto opened = torchscript::archive::open(b, options_.max);
    if (!opened) return opened.error();
    archive_ = std::make_shared<torchscript::archive>(std::move(*opened));
    c_.files = archive_.get();
    return refuse_others();
  }
  /// What is not TorchScript, by name and with the reason.
  status refuse_others() const {
    const auto& a = *archive_;
    if (a.has_any("serialized_exported_program.json") || a.has_any("archive_format") ||
        a.has_any("models/model.json"))
      return unsupported(
          "an ExportedProgram (.pt2, torch.export)",
          "its quantization is written as quantize/dequantize pairs around float operators, whose "
          "results depend on the order of float sums: no integer kernel gives the same bits",
          "a model quantized in eager or FX mode and saved by torch.jit.save");
    if (a.has_folder("code/") && a.has("data.pkl") && a.has("constants.pkl")) return unit{};
    if (a.has_any(".data/extern_modules"))
      return unsupported("a torch.package archive, which holds Python source", {},
                         "torch.jit.save(torch.jit.trace(model, example), FILE) of the imported "
                         "model");
    if (a.has("data.pkl"))
      return unsupported(
          "a checkpoint of torch.save (a state_dict, or a pickled module), which "
          "holds weights but no program",
          {}, "torch.jit.save(torch.jit.trace(model, example), FILE)");
    return malformed("a ZIP archive, but not one of PyTorch: data.pkl is missing");
  }
  /// Is that text in the code of the archive?
  bool code_has(std::initializer_list<std::string_view> parts) {
    for (const std::string& member : archive_->members("code/", ".py")) {
      const auto bytes = archive_->read(member);
      if (!bytes) continue;
      const std::string_view code(reinterpret_cast<const char*>(bytes->bytes.data()),
                                  bytes->bytes.size());
      for (std::string_view t : parts)
        if (code.find(t) != std::string_view::npos) return true;
    }
    return false;
  }
  /// A model that was prepared for quantization but not converted, if it is one.
  std::optional<error_info> unconverted() {
    constexpr const char* way_out =
        "torch.ao.quantization.convert(model.eval()) before torch.jit.save";
    if (code_has({"torch.fake_quantize_per_", "torch.fused_moving_avg_obs_fake_quant",
                  "torch._fake_quantize_"}))
      return unsupported(
          "a model of quantization-aware training with fake quantization: its numbers are floats",
          {}, way_out);
    if (code_has({"quantization.observer."}) &&
        !code_has({"ops.quantized.conv", "ops.quantized.linear"}))
      return unsupported(
          "a model that is prepared for quantization (it has observers) but not converted: its "
          "numbers are floats",
          {}, way_out);
    return {};
  }
  /// An error of a file that is not what it was taken for says so.
  error_info explained(error_info e) {
    if (!archive_ || !archive_->has_folder("code/")) return e;
    if (auto instead = unconverted()) return *instead;
    if (e.code == errc::unsupported && !code_has({"quantize", "ops.quantized."}))
      e.what = "a float model, nothing in it is quantized; " + e.what;
    return e;
  }
  std::optional<result<constant_data>> code(const std::string& member) {
    if (!archive_->has(member)) return {};
    return archive_->read(member);
  }
  /// Storages lie in `folder`; without one their sizes are not looked at.
  result<value> unpickle(const char* member, const std::string& folder) {
    const auto bytes = archive_->read(member);
    if (!bytes) return bytes.error();
    const auto size_of_storage = [this, &folder](const std::string& key) {
      if (folder.empty()) return torchscript::unchecked_storage;
      return archive_->has(folder + key) ? archive_->size_of_member(folder + key)
                                         : torchscript::no_storage;
    };
    auto v = torchscript::unpickler(c_.values, bytes->bytes, folder, size_of_storage).load();
    if (!v) return error_place{.node = member}.attach(v.error());
    return v;
  }

  // ---- inputs ----

  /// The example that was traced: {'forward': [tensors, and tuples, lists and dicts of them]}.
  /// Empty where the file has none.
  std::vector<value> traced() {
    std::vector<value> examples;
    if (!archive_->has("traced_inputs.pkl")) return examples;
    const auto v = unpickle("traced_inputs.pkl", {});
    if (!v || !v->is(kind::dict)) return examples;
    const auto& items = v->c->items;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2)
      if (items[i].is(kind::string) && items[i].c->text == "forward" && items[i + 1].is_sequence())
        for (const value& e : items[i + 1].c->items) examples.push_back(e);
    return examples;
  }
  status inputs(const torchscript::function_def& forward, std::vector<value>& arguments) {
    const auto examples = traced();
    given_shapes_.assign(options_.shapes.size(), false);
    given_types_.assign(options_.types.size(), false);
    for (std::size_t i = 1; i < forward.parameters.size(); ++i) {  // after self
      const auto& p = forward.parameters[i];
      const auto v =
          input_value(p.name, p.type, i - 1 < examples.size() ? examples[i - 1] : value{},
                      p.otherwise != nullptr, 0);
      if (!v) return v.error();
      if (v->is(kind::none)) break;  // this and the rest keep their defaults
      arguments.push_back(*v);
    }
    if (auto s = all_used(given_shapes_, options_.shapes, "a shape"); !s) return s;
    return all_used(given_types_, options_.types, "an element type");
  }
  /// A tensor, or a tuple, list or dict of them as the example or the annotation says: their parts
  /// are inputs of their own, "state.0", "state.1". None where an optional one is not given.
  result<value> input_value(const std::string& name, const torchscript::expression* type,
                            const value& example, bool optional, int depth) {
    if (depth > 4) return unsupported("type of input " + name, "tuples within one another");
    const bool dict = example.is(kind::dict);
    if (dict || example.is_sequence()) {
      const value made = c_.values.make(example.what);
      const auto& items = example.c->items;
      if (auto s = c_.build.work.spend(items.size()); !s) return s.error();  // may hold itself
      for (std::size_t k = dict ? 1 : 0; k < items.size(); k += dict ? 2 : 1) {
        const bool text = dict && items[k - 1].is(kind::string);
        const auto part =
            input_value(name + "." + (text ? items[k - 1].c->text : std::to_string(k)), nullptr,
                        items[k], false, depth + 1);
        if (!part) return part;
        if (dict) made.c->items.push_back(items[k - 1]);
        made.c->items.push_back(*part);
      }
      return made;
    }
    using form = torchscript::expression::form;
    const std::string of = type && type->what == form::subscript ? type->items[0]->text : "";
    if (example.is(kind::tensor) || of.empty() || of == "Optional")
      return input_tensor(name, example.is(kind::tensor) ? example.t : nullptr, optional);
    if (of != "Tuple")
      return unsupported("type of input " + name, of,
                         "Tensor, Tuple; lists and dicts in traced files, whose example says how "
                         "many tensors they hold");
    const auto* inner = type->items[1];
    const bool many = inner->what == form::tuple;
    const value made = c_.values.make(kind::tuple);
    for (std::size_t k = 0; k < (many ? inner->items.size() : 1); ++k) {
      const auto part = input_value(name + "." + std::to_string(k), many ? inner->items[k] : inner,
                                    value{}, false, depth + 1);
      if (!part) return part;
      made.c->items.push_back(*part);
    }
    return made;
  }
  result<value> input_tensor(const std::string& name, const tensor_data* example, bool optional) {
    const std::size_t index = c_.build.g.inputs.size();
    const dims* given = given_for(options_.shapes, name, index, given_shapes_);
    const dtype* type = given_for(options_.types, name, index, given_types_);
    if (!example && !given) {
      if (optional) return value{};
      error_info e = invalid("the file does not record the shape of input \"" + name +
                             "\": give it, for example --shape " + name + "=1,3,224,224");
      e.tensor = name;
      return e;
    }
    tensor_data t;
    t.type = example ? example->type : type ? torchscript::scalar_of_dtype(*type) : scalar::f32;
    if (t.type == scalar::unknown)
      return unsupported("element type of input " + name, std::string(octet::name_of(*type)),
                         "float32, float64, int8, uint8, int16, int32, int64, bool");
    if (given)
      t.size.assign(given->begin(), given->end());
    else
      t.size = example->size;
    if (auto s = input(name, t); !s) return s.error();
    if (!example && !type) emit_.type_not_recorded(t.id);
    return c_.values.tensor(std::move(t));
  }
  template <class T>
  status all_used(const std::vector<bool>& used, const std::vector<std::pair<std::string, T>>& all,
                  const char* what) const {
    for (std::size_t s = 0; s < used.size(); ++s)
      if (!used[s])
        return invalid(std::string(what) + " is given for an input that does not exist",
                       all[s].first);
    return unit{};
  }
  /// Of the input of that name, or in order; null where the caller gives none.
  template <class T>
  const T* given_for(const std::vector<std::pair<std::string, T>>& all, const std::string& name,
                     std::size_t index, std::vector<bool>& used) const {
    const T* given = nullptr;
    for (std::size_t s = 0; s < all.size(); ++s)
      if (all[s].first == name || (all[s].first.empty() && s == index)) {
        given = &all[s].second;
        used[s] = true;
      }
    return given;
  }
  status input(const std::string& name, tensor_data& t) {
    if (torchscript::is_quantized(t.type)) return unsupported("a quantized input", name, "float32");
    const auto shape = emit_.ir_shape(t.size, false);
    if (!shape) return shape.error();
    t.stride = torchscript::contiguous_strides(t.size);
    tensor in;
    in.name = name;
    in.type = torchscript::dtype_of_scalar(t.type);
    in.shape = *shape;
    in.format = memory_format::contiguous;
    const auto id = c_.build.input(std::move(in));
    if (!id) return id.error();
    t.id = *id;
    emit_.protect_name(t.id);
    return unit{};
  }

  // ---- outputs ----

  /// Tensors, tuples, lists and dicts of them become outputs in order.
  status outputs(const value& v, const std::string& name, int depth) {
    if (v.is(kind::tensor)) {
      if (auto s = emit_.refresh(v); !s) return s;
      const auto id = output_id(*v.t);
      if (!id) return id.error();
      graph& g = c_.build.g;
      if (g[*id].name.empty()) g[*id].name = name;
      g.outputs.push_back(*id);
      return unit{};
    }
    if (v.is(kind::unknown) && v.c)
      return unsupported("an output of the model", v.c->text, "a result that octet computes");
    if (depth == 4 || (!v.is_sequence() && !v.is(kind::dict)))
      return unsupported("an output of the model",
                         name + ": " + std::string(torchscript::name_of(v.what)),
                         "tensors, and lists, tuples or dicts of them, at most 4 in one another");
    const auto& items = v.c->items;
    if (v.is(kind::dict)) {
      for (std::size_t i = 0; i + 1 < items.size(); i += 2)
        if (auto s = outputs(items[i + 1], items[i].is(kind::string) ? items[i].c->text : name,
                             depth + 1);
            !s)
          return s;
      return unit{};
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (items[i].is(kind::none)) continue;  // an auxiliary output that is off
      if (auto s = outputs(items[i], name + std::to_string(i), depth + 1); !s) return s;
    }
    return unit{};
  }
  /// Outputs leave in the model's own order of axes. Where the last node is a dequantize, its bytes
  /// are reordered before it, not its floats.
  result<tensor_id> output_id(tensor_data& t) {
    if (t.constant() || !t.channels_inner || t.type != scalar::f32) return emit_.held(t, false);
    auto& nodes = c_.build.g.nodes;
    if (auto s = c_.build.work.spend(2 * nodes.size()); !s) return s.error();
    const auto writer = std::find_if(nodes.begin(), nodes.end(), [&](const node& n) {
      return !n.out.empty() && n.out[0] == t.id;
    });
    if (writer == nodes.end() || writer->op != &ops::dequantize) return emit_.held(t, false);
    const auto at = writer - nodes.begin();
    graph& g = c_.build.g;
    tensor_data q = t;
    q.id = writer->in[0];
    q.type = g[q.id].type == dtype::u8 ? scalar::quint8 : scalar::qint8;
    const auto outer = emit_.held(q, false);
    if (!outer) return outer;
    const tensor_id to = emit_.make(t.type);
    if (auto s = emit_.emit(ops::dequantize, {*outer}, to); !s) return s.error();
    g[to].name = g[t.id].name;
    const bool read = std::any_of(nodes.begin(), nodes.end(), [&](const node& n) {
      return std::find(n.in.begin(), n.in.end(), t.id) != n.in.end();
    });
    if (!read) nodes.erase(nodes.begin() + at);
    return to;
  }

  file_bytes file_;
  const torch_options& options_;
  torchscript::context c_;
  torchscript::emitter emit_;
  std::shared_ptr<torchscript::archive>& archive_;
  std::vector<bool> given_shapes_, given_types_;  // which of the caller's an input has taken
};

struct torch_source {
  file_bytes file;
  torch_options options;
  std::shared_ptr<torchscript::archive> opened{};  // keeps the members that were read

  result<graph> graph_for(const named_shapes& shapes, first_constants& kept) {
    options.shapes = shapes;
    return torch_loader(file, options, opened, kept).run();
  }
};
inline result<graph> load_torch(file_bytes file, const torch_options& options) {
  const std::string name = file.name;
  return with_memory_errors(name, [&] {
    return load_from(torch_source{std::move(file), options}, options.shapes);
  });
}

}  // namespace detail

OCTET_INLINE result<graph> try_torch(const std::string& path, const torch_options& options) {
  auto f = map_file(path, options.max);
  if (!f) return f.error();
  return detail::load_torch(std::move(*f), options);
}
OCTET_INLINE result<graph> try_torch(std::span<const std::byte> bytes, const std::string& name,
                                     const torch_options& options) {
  return with_memory_errors(name,
                            [&] { return detail::load_torch(from_memory(name, bytes), options); });
}

OCTET_INLINE std::vector<std::string> torch_operators() {
  std::vector<std::string> list;
  for (const torchscript::torch_row& r : torch_rows::all) list.emplace_back(r.name);
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_LOADER_HPP_
#endif

#endif  // OCTET_IMPORT_TORCH_HPP_
#endif  // OCTET_SINGLE_HPP_
