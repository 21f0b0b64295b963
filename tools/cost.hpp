// What a graph costs: multiply-accumulates, bytes moved, parameters. For `octet explain`, `show`
// and their JSON.
#ifndef OCTET_TOOLS_COST_HPP_
#define OCTET_TOOLS_COST_HPP_

#include <cstdio>
#include <string>
#include <vector>

#include "octet/graph/graph.hpp"

namespace octet::tools {

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

/// Bytes that a node reads and writes once: inputs, constants, outputs.
inline double bytes_moved(const graph& g, const node& n) {
  double sum = 0;
  for (const auto* list : {&n.in, &n.out})
    for (tensor_id t : *list)
      if (t != no_tensor)
        sum += static_cast<double>(bytes_of(g[t].shape.elements(), g[t].type).value);
  return sum;
}

struct totals {
  std::size_t operators = 0;
  double parameters = 0, parameter_bytes = 0;  // elements and bytes of weights and biases
  double macs = 0;
  double bytes_moved = 0;
};
/// Parameters are the constants of operators that multiply and accumulate, and quantized or float
/// constants of the others; shapes, axes and paddings are none.
inline totals totals_of(const graph& g) {
  totals sum;
  std::vector<char> counted(g.tensors.size());
  for (const node& n : g.nodes) {
    const double macs = macs_of(g, n);
    ++sum.operators;
    sum.macs += macs;
    sum.bytes_moved += bytes_moved(g, n);
    for (tensor_id id : n.in) {
      if (id == no_tensor || counted[static_cast<std::size_t>(id)]) continue;
      const tensor& t = g[id];
      if (t.role != tensor::kind::constant) continue;
      if (macs == 0 && t.scales.empty() && !is_float(t.type)) continue;
      counted[static_cast<std::size_t>(id)] = 1;
      sum.parameters += static_cast<double>(t.shape.elements().value);
      sum.parameter_bytes += static_cast<double>(t.data.bytes.size());
    }
  }
  return sum;
}

/// "3.51 M", "12.3 K", "7": three digits.
inline std::string amount(double v) {
  const char* unit = "";
  for (const char* next : {" K", " M", " G", " T"}) {
    if (v < 999.5) break;
    v /= 1000;
    unit = next;
  }
  char b[32];
  std::snprintf(b, sizeof b,
                *unit == '\0' || v >= 99.95 ? "%.0f"
                : v >= 9.995                ? "%.1f"
                                            : "%.2f",
                v);
  return b + std::string(unit);
}
/// "3.60 MB", "7 B".
inline std::string byte_amount(double v) {
  const std::string a = amount(v);
  return a + (a.find(' ') == a.npos ? " B" : "B");
}
inline std::string text_of(const totals& t) {
  return std::to_string(t.operators) + " operators, " + amount(t.parameters) + " parameters (" +
         byte_amount(t.parameter_bytes) + "), " + amount(t.macs) + " MACs, " +
         byte_amount(t.bytes_moved) + " read and written";
}

}  // namespace octet::tools

#endif  // OCTET_TOOLS_COST_HPP_
