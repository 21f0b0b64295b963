// Rewrites of the IR. Each keeps every output bit.
#ifndef OCTET_GRAPH_PASSES_HPP_
#define OCTET_GRAPH_PASSES_HPP_

#include "octet/graph/graph.hpp"

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
    if (!p.op->only_pads || dead[as_size(by)]) continue;
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
  if (!keep_tensors) {
    fuse_pad(g);
    remove_dead(g);
  }
}

}  // namespace passes
OCTET_NAMESPACE_END

#endif  // OCTET_GRAPH_PASSES_HPP_
