// Rewrites of the IR. Each keeps every output bit.
#ifndef OCTET_GRAPH_PASSES_HPP_
#define OCTET_GRAPH_PASSES_HPP_

#include <algorithm>
#include <map>
#include <set>

#include "octet/graph/fold.hpp"
#include "octet/graph/graph.hpp"
#include "octet/ops/add.hpp"
#include "octet/ops/attention.hpp"
#include "octet/ops/binary.hpp"
#include "octet/ops/dequantize.hpp"
#include "octet/ops/dynamic_layers.hpp"
#include "octet/ops/layer_norm.hpp"
#include "octet/ops/lookup.hpp"
#include "octet/ops/movement.hpp"
#include "octet/ops/mul.hpp"
#include "octet/ops/quantize.hpp"
#include "octet/ops/reduce.hpp"
#include "octet/ops/unary.hpp"
#include "octet/ops/vector_rows.hpp"

OCTET_NAMESPACE_BEGIN
namespace passes {

/// Number of readers of every tensor; graph outputs count as one more.
inline std::vector<int> use_counts(const graph& g) {
  std::vector<int> uses(g.tensors.size(), 0);
  for (const node& n : g.nodes)
    for (tensor_id t : n.in)
      if (t != no_tensor) ++uses[as_size(t)];
  for (tensor_id t : g.outputs) ++uses[as_size(t)];
  return uses;
}

/// Index of the node that writes each tensor; -1 where none does.
inline std::vector<std::int32_t> producers(const graph& g) {
  std::vector<std::int32_t> by(g.tensors.size(), -1);
  for (std::size_t i = 0; i < g.nodes.size(); ++i)
    for (tensor_id t : g.nodes[i].out) by[as_size(t)] = static_cast<std::int32_t>(i);
  return by;
}
/// Removes the nodes that are marked.
inline void erase(graph& g, const std::vector<char>& marked) {
  std::deque<node> kept;
  for (std::size_t i = 0; i < g.nodes.size(); ++i)
    if (!marked[i]) kept.push_back(std::move(g.nodes[i]));
  g.nodes = std::move(kept);
}

/// A node that accumulates, with int32 or int64 output, + one that requantizes = one node. Exact:
/// the fused node computes the same accumulator and applies the same formula to it.
inline void fuse_requantize(graph& g) {
  const auto uses = use_counts(g);
  const auto producer = producers(g);
  std::vector<char> dead(g.nodes.size(), 0);
  for (std::size_t i = 0; i < g.nodes.size(); ++i) {
    node& r = g.nodes[i];
    if (!r.op->requantizes) continue;
    const tensor_id acc = r.in[0];
    const std::int32_t by = producer[as_size(acc)];
    if (by < 0 || uses[as_size(acc)] != 1) continue;
    node& n = g.nodes[as_size(by)];
    if (!n.op->accumulates || n.round != rounding::none || n.out.size() != 1 ||
        (g[acc].type != dtype::s32 && g[acc].type != dtype::s64))
      continue;
    node fused = n;
    if (r.in.size() > 1 && r.in[1] != no_tensor) {  // float bias of FB moves to the producer
      if (n.in.size() > 2 && n.in[2] != no_tensor) continue;
      fused.in.resize(3, no_tensor);
      fused.in[2] = r.in[1];
    }
    fused.out[0] = r.out[0];
    fused.round = r.round;
    if (const node_inputs view(g, fused); !takes(*n.op, view.view())) continue;
    for (const auto& [key, value] : r.attrs.entries()) fused.attrs.set(key, value);
    n = std::move(fused);
    dead[i] = 1;
  }
  erase(g, dead);
}

/// A value that every reader finds the same: it may be read later than the file says. A state may
/// be written in between.
inline bool stays(const graph& g, tensor_id t) { return g[t].role != tensor::kind::state; }

/// A layer over rows that are quantized when it runs, and what makes floats of its sums.
struct dynamic_rows_of {
  std::size_t quantize, layer;  // nodes
};
/// That of node `i`; nothing where another node reads what is between them, or the layer is none
/// that octet has in one.
inline std::optional<dynamic_rows_of> dynamic_layer_of(const graph& g, std::size_t i,
                                                       const std::vector<int>& uses,
                                                       const std::vector<std::int32_t>& producer) {
  const node& back = g.nodes[i];
  if (back.op != &ops::dynamic_dequantize || back.attrs.integer("tail_row_first") != 0) return {};
  const auto between = [&](tensor_id t) {
    const std::int32_t by = producer[as_size(t)];
    return by >= 0 && uses[as_size(t)] == 1 ? as_size(by) : i;
  };
  const std::size_t layer = between(back.in[0]);
  const node& n = g.nodes[layer];
  if ((n.op != &ops::conv2d && n.op != &ops::fully_connected && n.op != &ops::transpose_conv2d) ||
      n.round != rounding::none || g[back.in[0]].type != dtype::s32 ||
      (n.in.size() > 2 && n.in[2] != no_tensor) || !stays(g, n.in[1]) ||
      n.attrs.integer("groups", 1) != 1)
    return {};
  const std::size_t quantize = between(n.in[0]);
  const node& q = g.nodes[quantize];
  const bool has_bias = back.in.size() > 2 && back.in[2] != no_tensor;
  if (q.op != &ops::dynamic_quantize || q.out[1] != back.in[1] ||
      (has_bias && g[back.in[2]].role != tensor::kind::constant))
    return {};
  const dims& w = g[n.in[1]].shape;
  tensor_desc codes = g[n.in[0]].desc();
  const bool zero_points = codes.type == dtype::s16;
  if (zero_points) codes.type = dtype::s8;
  if (!dynamic_sums_fit(zero_points, codes, g[n.in[1]].desc(),
                        w.elements().value / as_size(std::max(1, w[0]))))
    return {};
  return dynamic_rows_of{quantize, layer};
}
/// Rows that are quantized when it runs, a layer's sums of their codes and what makes floats of
/// these: the codes keep their zero points and are bytes, and the layer gives the floats. Exact:
/// the sums are the same integers.
inline void fuse_dynamic_layers(graph& g) {
  const auto uses = use_counts(g);
  const auto producer = producers(g);
  std::vector<char> dead(g.nodes.size(), 0);
  for (std::size_t i = 0; i < g.nodes.size(); ++i) {
    const auto rows = dynamic_layer_of(g, i, uses, producer);
    if (!rows) continue;
    node &q = g.nodes[rows->quantize], &layer = g.nodes[rows->layer], &back = g.nodes[i];
    tensor_id zeros = no_tensor;
    if (g[q.out[0]].type == dtype::s16) {
      const tensor_id scales = q.out[1];
      g[q.out[0]].type = q.round == rounding::aten ? dtype::u8 : dtype::s8;
      tensor t;
      t.name = g[scales].name.empty() ? std::string() : g[scales].name + "/zero_points";
      t.type = dtype::s32, t.shape = g[scales].shape;
      zeros = g.add(std::move(t));
      q.op = &ops::dynamic_quantize_asymmetric;
      q.out.push_back(zeros);
      q.attrs.erase("asymmetric");
    }
    back.op = layer.op == &ops::conv2d             ? &ops::dynamic_conv2d
              : layer.op == &ops::transpose_conv2d ? &ops::dynamic_transposed
                                                   : &ops::dynamic_fully_connected;
    back.in = {layer.in[0], layer.in[1], q.out[1], zeros,
               back.in.size() > 2 ? back.in[2] : no_tensor};
    for (const auto& [key, value] : layer.attrs.entries())
      if (key != "input_limit" && key != "f32_product") back.attrs.set(key, value);
    back.attrs.erase("tail_row_first");
    dead[rows->layer] = 1;
  }
  erase(g, dead);
}

/// Rows that are quantized twice in the same way are so once. Of the ways to quantize one tensor
/// the first few are remembered: a network has one or two.
inline void share_quantized_rows(graph& g) {
  constexpr std::size_t most_ways = 8;
  std::vector<tensor_id> now(g.tensors.size());
  for (std::size_t t = 0; t < now.size(); ++t) now[t] = static_cast<tensor_id>(t);
  std::vector<char> dead(g.nodes.size(), 0), shown(g.tensors.size(), 0);
  for (const tensor_id t : g.outputs) shown[as_size(t)] = 1;
  std::map<tensor_id, std::vector<std::size_t>> of;  // nodes that quantize that tensor
  for (std::size_t i = 0; i < g.nodes.size(); ++i) {
    node& n = g.nodes[i];
    for (tensor_id& t : n.in)
      if (t != no_tensor) t = now[as_size(t)];
    if (n.op != &ops::dynamic_quantize_asymmetric || !stays(g, n.in[0])) continue;
    std::vector<std::size_t>& others = of[n.in[0]];
    const auto first = std::find_if(others.begin(), others.end(), [&](std::size_t k) {
      return g.nodes[k].round == n.round && g.nodes[k].attrs.entries() == n.attrs.entries();
    });
    if (first == others.end()) {
      if (others.size() < most_ways) others.push_back(i);
      continue;
    }
    bool kept = false;
    for (const tensor_id t : n.out) kept |= shown[as_size(t)] != 0;
    if (kept) continue;
    for (std::size_t o = 0; o < n.out.size(); ++o) now[as_size(n.out[o])] = g.nodes[*first].out[o];
    dead[i] = 1;
  }
  erase(g, dead);
}

/// Rows that are quantized when it runs, put together along the last axis from values that nothing
/// else reads together: they are quantized from where they are. Exact: the same elements in the
/// same order.
inline void quantize_joined_rows(graph& g) {
  const auto uses = use_counts(g);
  const auto producer = producers(g);
  std::vector<char> dead(g.nodes.size(), 0);
  for (node& n : g.nodes) {
    if (n.op != &ops::dynamic_quantize_asymmetric || n.in.size() != 1) continue;
    const std::int32_t by = producer[as_size(n.in[0])];
    if (by < 0 || uses[as_size(n.in[0])] != 1) continue;
    const node& joined = g.nodes[as_size(by)];
    const std::int32_t rank = g[n.in[0]].shape.rank;
    const auto axis = joined.attrs.integer("axis");
    if (joined.op != &ops::concat || (axis != -1 && axis != rank - 1) ||
        !std::all_of(joined.in.begin(), joined.in.end(), [&](tensor_id t) { return stays(g, t); }))
      continue;
    node fused = n;
    fused.in = joined.in;
    const node_inputs view(g, fused);
    std::array<dims, 3> shapes;
    if (!takes(*fused.op, view.view()) || !fused.op->shape(view.view(), shapes)) continue;
    n = std::move(fused);
    dead[as_size(by)] = 1;
  }
  erase(g, dead);
}

/// What single operators make a row of mean 0 and variance 1 of, as TFLite's files have it: the
/// nodes, and what normalizes rows in one.
struct normalization_of {
  std::vector<std::size_t> nodes{};
  std::vector<tensor_id> in{};
  layer_norm_attrs attrs{};
};
/// Finds them from the last one back: x * s + (-m * s + b), s = w / sqrt(mean((x - m)^2) +
/// epsilon).
class normalization_search {
 public:
  normalization_search(const graph& g, const std::vector<int>& uses,
                       const std::vector<std::int32_t>& producer)
      : g_(g), uses_(uses), producer_(producer) {}
  std::optional<normalization_of> at(std::size_t last) {
    found_ = {};
    const auto parts = operands(g_.nodes[last], ops::add);
    for (std::size_t k = 0; parts && k < 2; ++k) {
      found_ = {};
      const node *const product = before(parts->at(k), ops::mul, 1), *const shift =
                                                                         before(parts->at(1 - k),
                                                                                ops::add, 1);
      if (product != nullptr && shift != nullptr && is_scaled(*product, *shift)) return found_;
    }
    return {};
  }

 private:
  using pair = std::array<tensor_id, 2>;
  static std::optional<pair> operands(const node& n, const op_def& op) {
    if (n.op != &op || n.in.size() != 2 || !n.attrs.entries().empty()) return {};
    return pair{n.in[0], n.in[1]};
  }
  /// The node that gives t, which `uses` operands read, where it is that operator.
  const node* before(tensor_id t, const op_def& op, int uses) {
    const std::int32_t by = producer_[as_size(t)];
    if (by < 0 || uses_[as_size(t)] != uses || g_.nodes[as_size(by)].op != &op) return nullptr;
    found_.nodes.push_back(as_size(by));
    return &g_.nodes[as_size(by)];
  }
  bool is_scaled(const node& product, const node& shift) {
    const auto values = operands(product, ops::mul), sums = operands(shift, ops::add);
    if (!values || !sums) return false;
    const auto marked = found_.nodes;
    for (std::size_t k = 0; k < 8; ++k) {  // x * s or s * x, n * s + b or b + n * s, n * s or s * n
      found_.nodes = marked;
      const tensor_id x = values->at(k & 1), scale = values->at(1 - (k & 1)),
                      bias = sums->at(1 - (k >> 1 & 1));
      const node* const turned = before(sums->at(k >> 1 & 1), ops::mul, 1);
      const auto both = turned != nullptr ? operands(*turned, ops::mul) : std::nullopt;
      if (!both || both->at(1 - (k >> 2 & 1)) != scale) continue;
      if (has_row(x, bias) && is_negative_mean(x, both->at(k >> 2 & 1)) && is_scale(x, scale)) {
        found_.in.push_back(bias);
        return true;
      }
    }
    return false;
  }
  bool has_row(tensor_id x, tensor_id factors) const {
    const dims &row = g_[x].shape, &f = g_[factors].shape;
    return row.rank > 0 && f.rank > 0 && row.back(0) > 0 && g_[x].type == dtype::f32 &&
           stays(g_, x) && stays(g_, factors) && f.back(0) == row.back(0) &&
           f.elements().value == as_size(row.back(0));
  }
  /// The float that t is, a constant of one element.
  std::optional<float> number(tensor_id t) const {
    if (g_[t].role != tensor::kind::constant || g_[t].type != dtype::f32 ||
        g_[t].shape.elements().value != 1)
      return {};
    float v = 0;
    std::memcpy(&v, g_[t].data.bytes.data(), sizeof v);
    return v;
  }
  /// A mean along the last axis, which stays, by XNNPACK's sums.
  const node* mean_of_rows(tensor_id t, int uses) {
    const node* const n = before(t, ops::mean, uses);
    if (n == nullptr || n->round != rounding::xnnpack) return nullptr;
    const auto axes = n->attrs.integers("axes");
    const std::int32_t rank = g_[n->in[0]].shape.rank;
    const bool last = axes.size() == 1 && (axes[0] == -1 || axes[0] == rank - 1);
    return last && g_[t].shape.rank == rank ? n : nullptr;
  }
  bool is_negative_mean(tensor_id x, tensor_id t) {
    const node* const negative = before(t, ops::sub, 1);
    const auto from = negative != nullptr ? operands(*negative, ops::sub) : std::nullopt;
    const auto zero = from ? number(from->at(0)) : std::nullopt;
    if (!zero || std::bit_cast<std::uint32_t>(*zero) != 0) return false;
    mean_ = from->at(1);
    const node* const mean = mean_of_rows(mean_, 2);
    return mean != nullptr && mean->in[0] == x;
  }
  /// w / sqrt(mean((x - m)^2) + epsilon).
  bool is_scale(tensor_id x, tensor_id scale) {
    const node* const weighted = before(scale, ops::mul, 2);
    const auto factors = weighted != nullptr ? operands(*weighted, ops::mul) : std::nullopt;
    for (std::size_t k = 0; factors && k < 2; ++k) {
      const node* const root = before(factors->at(k), ops::rsqrt, 1);
      if (root == nullptr || root->round != rounding::xnnpack || !root->attrs.entries().empty() ||
          !has_row(x, factors->at(1 - k)))
        continue;
      found_.in = {x, factors->at(1 - k)};
      return is_variance(x, root->in[0]);
    }
    return false;
  }
  bool is_variance(tensor_id x, tensor_id t) {
    const node* const sum = before(t, ops::add, 1);
    const auto parts = sum != nullptr ? operands(*sum, ops::add) : std::nullopt;
    for (std::size_t k = 0; parts && k < 2; ++k) {
      const auto epsilon = number(parts->at(1 - k));
      if (!epsilon) continue;
      found_.attrs.epsilon = static_cast<double>(*epsilon);
      const node* const mean = mean_of_rows(parts->at(k), 1);
      if (mean == nullptr) return false;
      const node* const squares = before(mean->in[0], ops::squared_difference, 1);
      return squares != nullptr && squares->attrs.entries().empty() && squares->in[0] == x &&
             squares->in[1] == mean_;
    }
    return false;
  }

  const graph& g_;
  const std::vector<int>& uses_;
  const std::vector<std::int32_t>& producer_;
  normalization_of found_{};
  tensor_id mean_ = no_tensor;
};
/// Single operators that normalize rows are one node. Exact: it computes the same, row by row.
inline void fuse_normalization(graph& g) {
  const auto uses = use_counts(g);
  const auto producer = producers(g);
  normalization_search search(g, uses, producer);
  std::vector<char> dead(g.nodes.size(), 0);
  for (std::size_t i = 0; i < g.nodes.size(); ++i) {
    auto found = search.at(i);
    if (!found) continue;
    node fused = g.nodes[i];
    fused.op = &ops::float_layer_norm;
    fused.in = std::move(found->in);
    fused.attrs = to_attributes(found->attrs);
    fused.round = rounding::xnnpack;
    if (const node_inputs view(g, fused); !takes(*fused.op, view.view())) continue;
    g.nodes[i] = std::move(fused);
    for (const std::size_t n : found->nodes) dead[n] = 1;
  }
  erase(g, dead);
}

/// What attention is made of, as far as it goes: the nodes before the last, and what they compute.
struct attention_of {
  std::vector<std::size_t> nodes{};
  std::vector<tensor_id> in{};
  attention_attrs attrs{};
};
/// A product of float matrices that are neither constants nor states, alone.
inline bool multiplies_matrices(const graph& g, const node& n, rounding round) {
  return n.op == &ops::batch_matmul && n.round == round && n.attrs.integer("adj_x") == 0 &&
         (n.in.size() < 3 || n.in[2] == no_tensor) && g[n.in[0]].role == tensor::kind::value &&
         g[n.in[1]].role == tensor::kind::value;
}
/// Of the product that node `i` is; nothing where its first operand is computed otherwise.
inline std::optional<attention_of> attention_before(const graph& g, std::size_t i,
                                                    const std::vector<int>& uses,
                                                    const std::vector<std::int32_t>& producer) {
  const node& last = g.nodes[i];
  if (!multiplies_matrices(g, last, last.round) || last.attrs.integer("adj_y") != 0 ||
      last.attrs.real("alpha", 1) != 1)
    return {};
  attention_of a;
  // The node that gives t, if nothing else reads it.
  const auto before = [&](tensor_id t) -> const node* {
    const std::int32_t by = producer[as_size(t)];
    if (by < 0 || uses[as_size(t)] != 1) return nullptr;
    a.nodes.push_back(as_size(by));
    return &g.nodes[as_size(by)];
  };
  const node* n = before(last.in[0]);
  if (n == nullptr || n->op != &ops::softmax || n->round != last.round) return {};
  const dims& scores = g[n->in[0]].shape;
  const auto axis = n->attrs.integer("axis", -1);
  if (axis != -1 && axis != scores.rank - 1) return {};
  a.attrs.beta = n->attrs.real("beta", 1);
  n = before(n->in[0]);
  tensor_id mask = no_tensor;
  if (n != nullptr && n->op == &ops::add && n->attrs.entries().empty()) {
    const std::size_t k = g[n->in[0]].shape == scores && producer[as_size(n->in[0])] >= 0 ? 0 : 1;
    if (!(g[n->in[k]].shape == scores)) return {};
    mask = n->in[1 - k];
    if (!stays(g, mask)) return {};
    n = before(n->in[k]);
  }
  if (n != nullptr && n->op == &ops::mul && n->attrs.entries().empty()) {
    const std::size_t k = g[n->in[1]].role == tensor::kind::constant ? 0 : 1;
    const tensor& by = g[n->in[1 - k]];
    if (by.role != tensor::kind::constant || by.shape.elements().value != 1 ||
        !(g[n->in[k]].shape == scores))
      return {};
    float scale = 0;
    std::memcpy(&scale, by.data.bytes.data(), sizeof scale);
    a.attrs.scale = static_cast<double>(scale);
    n = before(n->in[k]);
  }
  if (n == nullptr || !multiplies_matrices(g, *n, last.round)) return {};
  a.attrs.adj_y = n->attrs.integer("adj_y") != 0;
  a.attrs.alpha = n->attrs.real("alpha", 1);
  a.in = {n->in[0], n->in[1], last.in[1]};
  if (mask != no_tensor) a.in.push_back(mask);
  return a;
}
/// Two matrix products with softmax of rows between them are one node. Exact: it computes the same,
/// some rows at a time.
inline void fuse_attention(graph& g) {
  const auto uses = use_counts(g);
  const auto producer = producers(g);
  std::vector<char> dead(g.nodes.size(), 0);
  for (std::size_t i = 0; i < g.nodes.size(); ++i) {
    auto a = attention_before(g, i, uses, producer);
    if (!a) continue;
    node fused = g.nodes[i];
    fused.op = &ops::attention;
    fused.in = std::move(a->in);
    fused.attrs = to_attributes(a->attrs);
    if (const node_inputs view(g, fused); !takes(ops::attention, view.view())) continue;
    g.nodes[i] = std::move(fused);
    for (const std::size_t n : a->nodes) dead[n] = 1;
  }
  erase(g, dead);
}

inline bool permutes(const node& n, std::initializer_list<std::int64_t> perm) {
  const std::span<const std::int64_t> given = n.attrs.integers("perm");
  return n.op == &ops::transpose &&
         std::equal(given.begin(), given.end(), perm.begin(), perm.end());
}
/// Attention between Transposes that part the heads of rows, and put them together again, reads
/// and writes them where they lie. Exact: only addresses change.
inline void leave_heads_inside(graph& g) {
  const auto uses = use_counts(g);
  const auto producer = producers(g);
  std::vector<std::size_t> reader(g.tensors.size(), g.nodes.size());
  for (std::size_t i = 0; i < g.nodes.size(); ++i)
    for (const tensor_id t : g.nodes[i].in)
      if (t != no_tensor) reader[as_size(t)] = i;
  std::vector<char> dead(g.nodes.size(), 0);
  for (std::size_t i = 0; i < g.nodes.size(); ++i) {
    if (g.nodes[i].op != &ops::attention || g.nodes[i].attrs.integer("heads_inside") != 0) continue;
    node inside = g.nodes[i];
    const bool by_rows = inside.attrs.integer("adj_y") != 0;
    const auto turned = [&](tensor_id t) { return g[t].role == tensor::kind::value; };
    std::vector<std::size_t> turns{i};
    for (std::size_t k = 0; k < 3; ++k) {
      const std::int32_t by = producer[as_size(inside.in[k])];
      if (by < 0 || uses[as_size(inside.in[k])] != 1 || !turned(inside.in[k])) break;
      const node& turn = g.nodes[as_size(by)];
      const bool columns = k == 1 && !by_rows;
      if (!(columns ? permutes(turn, {0, 2, 3, 1}) : permutes(turn, {0, 2, 1, 3})) ||
          !stays(g, turn.in[0]))
        break;
      turns.push_back(as_size(by));
      inside.in[k] = turn.in[0];
    }
    const tensor_id y = inside.out[0];
    const std::size_t last = reader[as_size(y)];
    if (turns.size() != 4 || uses[as_size(y)] != 1 || !turned(y) || last == g.nodes.size() ||
        !permutes(g.nodes[last], {0, 2, 1, 3}))
      continue;
    inside.out = g.nodes[last].out;
    inside.attrs.set("adj_y", std::int64_t{1});
    inside.attrs.set("heads_inside", std::int64_t{1});
    const node_inputs view(g, inside);
    std::array<dims, 1> shape;
    if (!takes(ops::attention, view.view()) || !ops::attention.shape(view.view(), shape)) continue;
    g.nodes[last] = std::move(inside);  // there it writes what others may have read until then
    for (const std::size_t n : turns) dead[n] = 1;
  }
  erase(g, dead);
}

/// A pad of height and width only, filled with the zero point and read by one node alone that pads
/// its input itself, becomes that node's own padding.
inline void fuse_pad(graph& g) {
  const auto uses = use_counts(g);
  const auto producer = producers(g);
  std::vector<char> dead(g.nodes.size(), 0);
  for (node& n : g.nodes) {
    if (!n.op->pads_input) continue;
    const tensor_id x = n.in[0];
    const std::int32_t by = producer[as_size(x)];
    if (by < 0 || uses[as_size(x)] != 1) continue;
    const node& p = g.nodes[as_size(by)];
    if (!p.op->only_pads || dead[as_size(by)] || !stays(g, p.in[0])) continue;
    const auto pad = p.attrs.integers("paddings");  // before, after per axis
    const tensor& from = g[p.in[0]];
    if (pad.size() != 8 || pad[0] || pad[1] || pad[6] || pad[7] || from.scales != g[x].scales ||
        from.zero_points != g[x].zero_points)
      continue;
    if (p.attrs.integer("value", from.zero_points.empty() ? 0 : from.zero_points[0]) !=
        (from.zero_points.empty() ? 0 : from.zero_points[0]))
      continue;
    bool negative = false;
    for (std::int64_t v : pad) negative |= v < 0;
    if (negative) continue;
    const char* keys[] = {"pad_top", "pad_bottom", "pad_left", "pad_right"};
    for (std::size_t k = 0; k < 4; ++k) n.attrs.set(keys[k], n.attrs.integer(keys[k]) + pad[2 + k]);
    n.in[0] = p.in[0];
    dead[as_size(by)] = 1;
  }
  erase(g, dead);
}

/// Codes of 8 bits with one scale, which a table can be of.
inline bool has_codes(const graph& g, tensor_id t) {
  return is_8bit(g[t].type) && g[t].scales.size() == 1 && stays(g, t);
}
/// For each tensor the codes that all its elements follow from one by one, itself where no node
/// computes it so, and by how many nodes. no_tensor: its elements follow from no codes.
struct code_paths {
  static constexpr std::size_t most_nodes = 16;  // no more steps for a table, whatever a file holds
  std::vector<tensor_id> from;
  std::vector<std::size_t> nodes;

  explicit code_paths(const graph& g)
      : from(g.tensors.size(), no_tensor), nodes(g.tensors.size(), 0) {
    for (std::size_t t = 0; t < from.size(); ++t)
      if (const auto id = static_cast<tensor_id>(t); has_codes(g, id) && !is_constant(g, id))
        from[t] = id;
    for (const node& n : g.nodes) follow(g, n);
  }
  /// The node is between codes and its output.
  bool has(const node& n, tensor_id codes) const {
    return n.out.size() == 1 && codes != n.out[0] && from[as_size(n.out[0])] == codes;
  }

 private:
  static bool is_constant(const graph& g, tensor_id t) {
    return g[t].role == tensor::kind::constant;
  }
  /// No element's place decides what becomes of it.
  static bool is_alone(const graph& g, const node& n) {
    if (n.op->each_alone.contains(n.round)) return true;
    return n.round == rounding::aten && n.op->vector_block != 0 &&
           read_attributes<vector_rows>(n.attrs).all_in_blocks(g[n.out[0]].shape.elements().value,
                                                               n.op->vector_block);
  }
  void follow(const graph& g, const node& n) {
    if (n.out.size() != 1 || !is_alone(g, n)) return;
    const tensor_id y = n.out[0];
    if (!has_codes(g, y) && (g[y].type != dtype::f32 || !stays(g, y))) return;
    tensor_id codes = no_tensor;
    std::size_t count = 1;
    for (const tensor_id in : n.in) {
      if (in == no_tensor) continue;
      if (is_constant(g, in)) {
        if (g[in].shape.elements().value != 1) return;
        continue;
      }
      const tensor_id other = from[as_size(in)];
      if (other == no_tensor || (codes != no_tensor && codes != other)) return;
      codes = other, count += nodes[as_size(in)];
    }
    if (codes == no_tensor || count > most_nodes || !(g[y].shape == g[codes].shape)) return;
    from[as_size(y)] = codes, nodes[as_size(y)] = count;
  }
};
/// What the nodes between `codes` and `y`, in order, make of each of the 256 codes, by their
/// references; nothing where one of them refuses or memory runs out.
inline std::optional<constant_data> table_of(const graph& g, const std::set<std::size_t>& path,
                                             tensor_id codes, tensor_id y) {
  graph one;
  std::map<tensor_id, tensor_id> with;
  const auto copy = [&](tensor_id t) {
    if (t == no_tensor) return t;
    if (const auto known = with.find(t); known != with.end()) return known->second;
    one.tensors.push_back(g[t]);
    return with[t] = static_cast<tensor_id>(one.tensors.size() - 1);
  };
  auto all = std::make_shared<buffer>(buffer::try_make(Bytes(256)));
  if (all->size() < 256) return std::nullopt;
  for (std::size_t i = 0; i < 256; ++i) all->data()[i] = static_cast<std::byte>(i);
  tensor& first = one[copy(codes)];
  first.role = tensor::kind::constant, first.shape = {256};
  first.data = {all, {all->data(), 256}};
  for (const std::size_t i : path) {
    const node& n = g.nodes[i];
    std::vector<tensor_id> in;
    for (const tensor_id t : n.in) in.push_back(copy(t));
    const tensor_id to = copy(n.out[0]);
    one[to].role = tensor::kind::value, one[to].shape = {};
    const node& made = one.add_node(*n.op, n.name, std::move(in), {to}, n.attrs, n.round);
    if (!infer_shapes(one, made) || !fold_constant(one, made, limits::none())) return std::nullopt;
  }
  return one[with[y]].data;
}
/// The nodes between `codes` and `y`.
inline std::set<std::size_t> path_between(const graph& g, const code_paths& paths,
                                          const std::vector<std::int32_t>& producer,
                                          tensor_id codes, tensor_id y) {
  std::set<std::size_t> path;
  for (std::vector<tensor_id> left{y}; !left.empty();) {
    const tensor_id t = left.back();
    left.pop_back();
    if (t == no_tensor || g[t].role == tensor::kind::constant || producer[as_size(t)] < 0) continue;
    const auto index = as_size(producer[as_size(t)]);
    const node& n = g.nodes[index];
    if (!paths.has(n, codes) || !path.insert(index).second) continue;
    left.insert(left.end(), n.in.begin(), n.in.end());
  }
  return path;
}
/// Codes that several nodes compute one by one from others are looked up: floats between
/// dequantize and quantize, x * sigmoid(x). Exact: the table holds what the nodes make of each
/// code.
inline void fuse_code_paths(graph& g) {
  const auto producer = producers(g);
  const code_paths paths(g);
  std::vector<char> read(g.tensors.size(), 0);  // by others than the nodes of its path
  for (const tensor_id t : g.outputs) read[as_size(t)] = 1;
  for (const node& n : g.nodes)
    for (const tensor_id t : n.in)
      if (t != no_tensor && !paths.has(n, paths.from[as_size(t)])) read[as_size(t)] = 1;
  for (std::size_t i = 0; i < g.nodes.size(); ++i) {
    if (g.nodes[i].out.size() != 1) continue;
    const tensor_id y = g.nodes[i].out[0];
    const tensor_id codes = paths.from[as_size(y)];
    if (codes == no_tensor || paths.nodes[as_size(y)] < 2 || !has_codes(g, y) || !read[as_size(y)])
      continue;
    auto table = table_of(g, path_between(g, paths, producer, codes, y), codes, y);
    if (!table) continue;
    const tensor_id to =
        g.add_constant(g.nodes[i].name + " table", dtype::u8, {256}, std::move(*table));
    node& n = g.nodes[i];
    n.op = &ops::lookup;
    n.in = {codes, to};
    n.attrs = {};
    n.round = rounding::none;
  }
}

/// Removes nodes whose outputs nobody reads (nodes that write a state stay).
inline void remove_dead(graph& g) {
  auto uses = use_counts(g);
  std::deque<node> kept;
  for (std::size_t i = g.nodes.size(); i-- > 0;) {
    node& n = g.nodes[i];
    bool needed = false;
    for (tensor_id t : n.out) needed |= uses[as_size(t)] > 0 || g[t].role == tensor::kind::state;
    if (needed) {
      kept.push_back(std::move(n));
    } else {
      for (tensor_id t : n.in)
        if (t != no_tensor) --uses[as_size(t)];
    }
  }
  g.nodes.assign(std::make_move_iterator(kept.rbegin()), std::make_move_iterator(kept.rend()));
}

/// All of them, in order. `keep_tensors`: only those that remove no tensor the source framework
/// would show.
inline void optimize(graph& g, bool keep_tensors = false) {
  fuse_requantize(g);
  fuse_dynamic_layers(g);
  share_quantized_rows(g);
  if (!keep_tensors) {
    quantize_joined_rows(g);
    fuse_normalization(g);
    fuse_attention(g);
    leave_heads_inside(g);
    fuse_pad(g);
    fuse_code_paths(g);
    remove_dead(g);
  }
}

}  // namespace passes
OCTET_NAMESPACE_END

#endif  // OCTET_GRAPH_PASSES_HPP_
