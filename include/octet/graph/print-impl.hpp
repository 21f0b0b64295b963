// Definitions of print.hpp. Included by it unless the build links octet::compiled.
#ifndef OCTET_GRAPH_PRINT_IMPL_HPP_
#define OCTET_GRAPH_PRINT_IMPL_HPP_

#include <charconv>

#include "octet/graph/print.hpp"

OCTET_NAMESPACE_BEGIN

namespace detail {
OCTET_INLINE std::string number(double v) {
  char b[40];
  const auto f = static_cast<float>(v);
  const auto r = static_cast<double>(f) == v ? std::to_chars(b, b + sizeof b, f)
                                             : std::to_chars(b, b + sizeof b, v);
  return std::string(b, r.ptr);
}
OCTET_INLINE std::string text(const attributes::value& v) {
  struct {
    std::string operator()(std::int64_t i) const { return std::to_string(i); }
    std::string operator()(double d) const { return number(d); }
    std::string operator()(const std::string& s) const { return '"' + one_line(s) + '"'; }
    std::string operator()(const std::vector<std::int64_t>& l) const {
      std::string s = "[";
      for (std::size_t i = 0; i < l.size(); ++i) s += (i ? "," : "") + std::to_string(l[i]);
      return s + "]";
    }
    std::string operator()(const std::vector<double>& l) const {
      std::string s = "[";
      for (std::size_t i = 0; i < l.size(); ++i) s += (i ? "," : "") + number(l[i]);
      return s + "]";
    }
  } const visitor;
  return v.visit(visitor);
}
}  // namespace detail

OCTET_INLINE std::string type_text(const tensor& t) {
  std::string s = std::string(name_of(t.type)) + to_string(t.shape);
  if (t.scales.size() == 1)
    s += " scale " + detail::number(t.scales[0]) + " zero " +
         std::to_string(t.zero_points.empty() ? 0 : t.zero_points[0]);
  if (t.scales.size() > 1) {
    s += " scales[" + std::to_string(t.scales.size()) + "] axis " + std::to_string(t.axis);
    for (std::int32_t z : t.zero_points)
      if (z != 0) {
        s += t.zero_points.size() == 1 ? " zero " + std::to_string(z)
                                       : " zeros[" + std::to_string(t.zero_points.size()) + "]";
        break;
      }
  }
  return s;
}

OCTET_INLINE std::string node_text(const graph& g, const node& n) {
  std::string s;
  for (std::size_t i = 0; i < n.out.size(); ++i)
    s += (i ? ", " : "") + ("%" + std::to_string(n.out[i])) + ": " + type_text(g[n.out[i]]);
  s += " = " + std::string(n.op->name) + "(";
  for (std::size_t i = 0; i < n.in.size(); ++i) {
    if (i) s += ", ";
    if (n.in[i] == no_tensor)
      s += "none";
    else if (g[n.in[i]].role == tensor::kind::constant)
      s += "const " + type_text(g[n.in[i]]);
    else if (g[n.in[i]].role == tensor::kind::state)
      s += "state %" + std::to_string(n.in[i]);
    else
      s += "%" + std::to_string(n.in[i]);
  }
  s += ")";
  if (n.round != rounding::none) s += ", rounding " + std::string(name_of(n.round));
  for (const auto& [key, value] : n.attrs.entries())
    s += ", " + detail::one_line(key) + " " + detail::text(value);
  return s;
}

OCTET_INLINE std::string to_string(const graph& g) {
  std::string s =
      "# " + detail::one_line(g.name) + ", law " + std::string(name_of(g.arithmetic)) + "\n";
  for (tensor_id t : g.inputs)
    s += "%" + std::to_string(t) + ": " + type_text(g[t]) + " = input \"" +
         detail::one_line(g[t].name) + "\"\n";
  for (std::size_t t = 0; t < g.tensors.size(); ++t)
    if (g.tensors[t].role == tensor::kind::state)
      s += "%" + std::to_string(t) + ": " + type_text(g.tensors[t]) + " = state \"" +
           detail::one_line(g.tensors[t].name) + "\"\n";
  for (const node& n : g.nodes) s += node_text(g, n) + "\n";
  for (tensor_id t : g.outputs)
    s += "output \"" + detail::one_line(g[t].name) + "\" = %" + std::to_string(t) + "\n";
  return s;
}

OCTET_NAMESPACE_END

#endif  // OCTET_GRAPH_PRINT_IMPL_HPP_
