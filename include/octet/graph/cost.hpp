// What a node costs: multiply-accumulates, and a bound on the steps that its reference takes.
#ifndef OCTET_GRAPH_COST_HPP_
#define OCTET_GRAPH_COST_HPP_

#include "octet/graph/graph.hpp"

OCTET_NAMESPACE_BEGIN

/// Multiply-accumulates of a node; 0 where it has none to speak of.
inline double macs_of(const graph& g, const node& n) {
  const auto has = [&](std::size_t i) { return i < n.in.size() && n.in[i] != no_tensor; };
  if (!has(0) || !has(1) || n.out.empty() || n.out[0] == no_tensor) return 0;
  const dims &x = g[n.in[0]].shape, &w = g[n.in[1]].shape, &y = g[n.out[0]].shape;
  const double ins = static_cast<double>(x.elements().value),
               weights = static_cast<double>(w.elements().value),
               outs = static_cast<double>(y.elements().value);
  const std::string_view name = n.op->name;
  if (name.find("transpose_conv2d") != name.npos)
    return w.rank == 4 && x.rank == 4 && x[3] > 0 ? weights * ins / x[3] : 0;
  if (name.find("depthwise_conv2d") != name.npos) return w.rank == 4 ? outs * w[1] * w[2] : 0;
  if (name.find("conv2d") != name.npos) return w.rank == 4 && w[0] > 0 ? outs * weights / w[0] : 0;
  if (name.find("fully_connected") != name.npos) return w.rank == 2 && w[0] > 0 ? outs * w[1] : 0;
  if (name.find("batch_matmul") != name.npos)
    return x.rank >= 2 ? outs * x.back(n.attrs.integer("adj_x") != 0 ? 1 : 0) : 0;
  if (name.find("lstm") != name.npos && x.rank == 3 && w.rank == 2 && w[1] > 0)
    return ins / w[1] * w[0] * (static_cast<double>(w[0]) + w[1]) * (has(12) ? 4 : 3);
  if (name.find("svdf") != name.npos && has(2) && x.rank == 2)
    return x[0] * (weights + static_cast<double>(g[n.in[2]].shape.elements().value));
  return 0;
}

/// Elementary steps of a node's reference, at least in their order of magnitude: a nanosecond or
/// two each. Shapes must be inferred. For limits::work; folding constants runs references.
inline std::size_t steps_of(const graph& g, const node& n) {
  constexpr double float_steps = 8;  // exact float operations, elementary functions
  double elements = 0, outs = 0;
  bool floats = false;
  for (const auto* list : {&n.in, &n.out})
    for (tensor_id t : *list) {
      if (t == no_tensor) continue;
      elements += static_cast<double>(g[t].shape.elements().value);
      floats |= is_float(g[t].type);
      if (list == &n.out) outs += static_cast<double>(g[t].shape.elements().value);
    }
  // Each output of a pool reads its window, each of a selection the whole row.
  const auto inside = [&](const char* key, int axis) {
    const dims& x = g[n.in[0]].shape;
    const auto most = static_cast<double>(axis < x.rank ? x[axis] : 1);
    return std::clamp(static_cast<double>(n.attrs.integer(key, 1)), 1.0, std::max(most, 1.0));
  };
  if (n.op->name.find("pool2d") != std::string_view::npos)
    elements += outs * inside("window_h", 1) * inside("window_w", 2);
  if (n.op->name == "topk")
    elements += outs * static_cast<double>(std::max(g[n.in[0]].shape.back(0), 1));
  const double steps = (elements + macs_of(g, n)) * (floats ? float_steps : 1) + 1;
  return steps < 9e18 ? static_cast<std::size_t>(steps) : static_cast<std::size_t>(-1);
}

OCTET_NAMESPACE_END

#endif  // OCTET_GRAPH_COST_HPP_
