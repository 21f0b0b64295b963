// What a graph costs: multiply-accumulates, bytes moved, parameters. For `octet explain`, `show`
// and their JSON.
#ifndef OCTET_TOOLS_COST_HPP_
#define OCTET_TOOLS_COST_HPP_

#include <cstdio>
#include <string>
#include <vector>

#include "octet/graph/cost.hpp"

namespace octet::tools {

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
