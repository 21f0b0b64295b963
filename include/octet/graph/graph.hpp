// The IR: a value type that speaks the field's quantized dialect. Typed graphs and loaded files
// meet here.
#ifndef OCTET_GRAPH_GRAPH_HPP_
#define OCTET_GRAPH_GRAPH_HPP_

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "octet/core/limits.hpp"
#include "octet/ops/op.hpp"

OCTET_NAMESPACE_BEGIN

/// Index of a tensor in a graph; `no_tensor` stands for an absent optional input.
using tensor_id = std::int32_t;
inline constexpr tensor_id no_tensor = -1;

/// Bytes that a graph refers to and keeps alive: a copy, or part of a mapped file. Aligned at least
/// to the element type.
struct constant_data {
  std::shared_ptr<const void> owner;
  std::span<const std::byte> bytes;

  static constant_data copy(std::span<const std::byte> from) {
    auto b = std::make_shared<buffer>(Bytes(std::max<std::size_t>(from.size(), 1)));
    if (!from.empty()) std::memcpy(b->data(), from.data(), from.size());
    const std::span<const std::byte> s{b->data(), from.size()};
    return {std::move(b), s};
  }
  template <class T> static constant_data of(std::span<const T> from) {
    return copy(std::as_bytes(from));
  }
};

/// How the source framework laid a tensor out in memory; some frameworks' roundings depend on it.
/// The IR itself is NHWC.
enum class memory_format : std::uint8_t { unspecified, contiguous, channels_last };
constexpr std::string_view name_of(memory_format f) noexcept {
  switch (f) {
    case memory_format::unspecified: return "unspecified";
    case memory_format::contiguous: return "contiguous";
    case memory_format::channels_last: return "channels_last";
  }
  return no_enumerator;
}

struct tensor {
  enum class kind : std::uint8_t { value, constant, state };
  std::string name;
  dtype type = dtype::f32;
  dims shape;
  std::vector<double> scales;  // as tensor_desc
  std::vector<std::int32_t> zero_points;
  std::int32_t axis = -1;
  kind role = kind::value;
  constant_data data;  // constants; initial contents of states (empty: zero, which for quantized
                       // states is the zero point)
  memory_format format = memory_format::unspecified;

  tensor_desc desc() const { return {type, shape, scales, zero_points, axis}; }
};

constexpr std::string_view name_of(tensor::kind k) noexcept {
  switch (k) {
    case tensor::kind::value: return "value";
    case tensor::kind::constant: return "constant";
    case tensor::kind::state: return "state";
  }
  return no_enumerator;
}

struct node {
  const op_def* op = nullptr;
  std::string name;  // as the file names it: "CONV_2D #12"; errors and the profile show it
  attributes attrs;
  rounding round = rounding::none;
  std::vector<tensor_id> in, out;
};

/// Shapes of inputs by their names.
using named_shapes = std::vector<std::pair<std::string, dims>>;

struct graph;
/// Where a loaded graph comes from: what can make it for other shapes of its inputs, with the same
/// constants, without copies. Its functions may be called by several threads at once.
class graph_source {
 public:
  virtual ~graph_source() = default;
  /// The network for these shapes of all its inputs, within the limits that it was loaded with, and
  /// verified. Errors: those of the loader.
  virtual result<graph> for_shapes(const named_shapes& shapes) = 0;
  /// The limits that it was loaded with.
  virtual const limits& within() const = 0;
  /// `all` with the shapes that are given, and with what follows from these for the other inputs.
  /// Errors: shapes that contradict each other.
  virtual result<named_shapes> completed(const named_shapes& given, named_shapes all) const = 0;
  /// Whether `g` is still what was loaded: another one has no plans for other shapes.
  virtual bool made(const graph& g) const = 0;
};

struct graph {
  std::string name;  // usually the file name
  law arithmetic = law::tflite_ref;
  // Deques: adding a tensor or a node leaves references to the others valid, as builders that emit
  // several in a row expect.
  std::deque<tensor> tensors;
  std::deque<node> nodes;                  // in execution order
  std::vector<tensor_id> inputs, outputs;  // in the model's own order
  /// None: the shapes are fixed. Holds the file's constants; reset it where they need not outlive
  /// the plan's own.
  std::shared_ptr<graph_source> origin;

  tensor& operator[](tensor_id t) { return tensors[as_size(t)]; }
  const tensor& operator[](tensor_id t) const { return tensors[as_size(t)]; }

  tensor_id add(tensor t) {
    tensors.push_back(std::move(t));
    return static_cast<tensor_id>(tensors.size()) - 1;
  }
  tensor_id add_constant(std::string tensor_name, dtype type, dims shape, constant_data d) {
    tensor t;
    t.name = std::move(tensor_name);
    t.type = type;
    t.shape = shape;
    t.role = tensor::kind::constant;
    t.data = std::move(d);
    return add(std::move(t));
  }
  node& add_node(const op_def& op, std::string node_name, std::vector<tensor_id> in,
                 std::vector<tensor_id> out, attributes attrs = {},
                 rounding round = rounding::none) {
    nodes.push_back(
        {&op, std::move(node_name), std::move(attrs), round, std::move(in), std::move(out)});
    return nodes.back();
  }
};

/// What rules and prepare functions see of one node of a graph. Keeps the descriptions alive; do
/// not outlive the graph. Made several times for each node, so that nodes of a few operands take no
/// heap.
class node_inputs {
 public:
  node_inputs(const graph& g, const node& n) : node_(&n), attrs_(n.attrs) {
    const std::size_t ins = n.in.size(), all = ins + n.out.size();
    if (all > few) {
      many_ = std::make_unique<operands>(all);
      desc_ = many_->desc.get(), constant_ = many_->constant.get(), given_ = many_->given.get();
    }
    for (std::size_t i = 0; i < ins; ++i) {
      given_[i] = n.in[i] != no_tensor;
      if (!given_[i]) continue;
      const tensor& t = g[n.in[i]];
      desc_[i] = t.desc();
      if (t.role == tensor::kind::constant) constant_[i] = t.data.bytes;
    }
    for (std::size_t i = 0; i < n.out.size(); ++i) desc_[ins + i] = g[n.out[i]].desc();
  }
  node_inputs(const node_inputs&) = delete;
  node_inputs& operator=(const node_inputs&) = delete;
  node_view view() const {
    const std::size_t ins = node_->in.size();
    return {{desc_, ins},     {desc_ + ins, node_->out.size()},
            {constant_, ins}, {given_, ins},
            &attrs_,          node_->round};
  }

 private:
  using bytes = std::span<const std::byte>;
  static constexpr std::size_t few = 6;
  struct operands {
    explicit operands(std::size_t n)
        : desc(std::make_unique<tensor_desc[]>(n)),
          constant(std::make_unique<bytes[]>(n)),
          given(std::make_unique<bool[]>(n)) {}
    std::unique_ptr<tensor_desc[]> desc;
    std::unique_ptr<bytes[]> constant;
    std::unique_ptr<bool[]> given;
  };
  const node* node_;
  attribute_view attrs_;
  tensor_desc few_desc_[few]{};
  bytes few_constant_[few]{};
  bool few_given_[few]{};
  std::unique_ptr<operands> many_;
  tensor_desc* desc_ = few_desc_;
  bytes* constant_ = few_constant_;
  bool* given_ = few_given_;
};

/// As many operands as the operator takes, each a tensor of the graph; absent only optional inputs.
/// What else is said of a node may take this for granted.
inline status check_operands(const graph& g, const node& n) {
  const auto count = static_cast<tensor_id>(g.tensors.size());
  const auto inputs = static_cast<std::int32_t>(n.in.size());
  if (inputs < n.op->min_inputs || (n.op->max_inputs >= 0 && inputs > n.op->max_inputs))
    return invalid("number of inputs", std::to_string(inputs),
                   std::to_string(n.op->min_inputs) + " to " + std::to_string(n.op->max_inputs));
  if (n.op->outputs >= 0 && static_cast<std::int32_t>(n.out.size()) != n.op->outputs)
    return invalid("number of outputs", std::to_string(n.out.size()),
                   std::to_string(n.op->outputs));
  for (std::size_t i = 0; i < n.in.size(); ++i) {
    const tensor_id t = n.in[i];
    const bool optional =
        static_cast<std::int32_t>(i) >= n.op->min_inputs || n.op->optional.contains(i);
    if ((t < 0 || t >= count) && !(t == no_tensor && optional))
      return invalid("input index", std::to_string(t));
  }
  for (tensor_id t : n.out)
    if (t < 0 || t >= count) return invalid("output index", std::to_string(t));
  return unit{};
}

/// Fills in the shapes of a node's outputs by its operator's rule. Importers whose files carry no
/// shapes call it after add_node. Only values take the shape of what is written to them: a state
/// and a constant have bytes of their own.
inline status infer_shapes(graph& g, const node& n) {
  if (auto s = check_operands(g, n); !s) return s;
  if (!n.op->shape) return unit{};
  const node_inputs in(g, n);
  std::vector<dims> shapes(n.out.size());
  if (auto s = n.op->shape(in.view(), shapes); !s) {
    auto e = s.error();
    e.node = std::string(n.op->name) + " " + n.name;
    return e;
  }
  for (std::size_t i = 0; i < n.out.size(); ++i) {
    tensor& t = g[n.out[i]];
    if (t.role != tensor::kind::value && !(t.shape == shapes[i])) {
      auto e = invalid("an operator changes the shape of a " + std::string(name_of(t.role)),
                       to_string(shapes[i]), to_string(t.shape));
      e.tensor = t.name;
      return e;
    }
    t.shape = shapes[i];
  }
  return unit{};
}

OCTET_NAMESPACE_END

#endif  // OCTET_GRAPH_GRAPH_HPP_
