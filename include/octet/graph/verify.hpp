// Checks that a graph keeps every rule before anything is planned from it.
#ifndef OCTET_GRAPH_VERIFY_HPP_
#define OCTET_GRAPH_VERIFY_HPP_

#include "octet/graph/graph.hpp"

OCTET_NAMESPACE_BEGIN

/// Limits a caller can set for graphs from untrusted files.
struct limits {
  std::size_t tensor_bytes = std::size_t{1} << 31;  // one tensor
  std::size_t total_bytes = std::size_t{1} << 33;   // all constants, or all activations
  std::size_t nodes = 1 << 20;
};

namespace detail {
inline error_info at(error_info e, const graph& g, const node* n, tensor_id t) {
  if (e.file.empty()) e.file = g.name;
  if (n && e.node.empty())
    e.node = std::string(n->op->name) + (n->name.empty() ? "" : " " + n->name);
  if (t != no_tensor && e.tensor.empty()) e.tensor = g[t].name;
  return e;
}
inline status verify_tensor(const tensor& t, const limits& l) {
  for (std::int32_t v : t.shape)
    if (v < 0) return invalid("negative extent", to_string(t.shape));
  // An extent of 0 must not hide others whose product overflows an operator's arithmetic.
  dims extents = t.shape;
  for (std::int32_t i = 0; i < extents.rank; ++i) extents[i] = extents[i] > 1 ? extents[i] : 1;
  if (extents.elements().value > max_elements)
    return error_info{errc::too_large,
                      "tensor",
                      {},
                      {},
                      {},
                      to_string(t.shape),
                      "at most 2^31 - 1 elements, an extent of 0 counted as 1"};
  const std::size_t bytes = bytes_of(t.shape.elements(), t.type).value;
  if (bytes > l.tensor_bytes)
    return error_info{errc::too_large,
                      "tensor",
                      {},
                      {},
                      {},
                      std::to_string(bytes) + " bytes",
                      std::to_string(l.tensor_bytes) + " bytes"};
  for (double s : t.scales)
    if (!(s > 0) || s > 1e300)
      return invalid("scale", std::to_string(s), "a positive finite number");
  if (t.scales.size() > 1) {
    if (t.axis < 0 || t.axis >= t.shape.rank)
      return invalid("quantization axis", std::to_string(t.axis),
                     "0 to " + std::to_string(t.shape.rank - 1));
    if (t.scales.size() != static_cast<std::size_t>(t.shape[t.axis]))
      return invalid("number of scales", std::to_string(t.scales.size()),
                     std::to_string(t.shape[t.axis]));
  }
  if (t.zero_points.size() > 1 && t.zero_points.size() != t.scales.size())
    return invalid("number of zero points", std::to_string(t.zero_points.size()),
                   std::to_string(t.scales.size()));
  if (!is_float(t.type))
    for (std::int32_t z : t.zero_points)
      if (z < lowest_of(t.type) || z > highest_of(t.type))
        return invalid("zero point", std::to_string(z),
                       "a value of " + std::string(name_of(t.type)));
  if (t.role == tensor::kind::constant && t.data.bytes.size() != bytes)
    return invalid("constant size", std::to_string(t.data.bytes.size()) + " bytes",
                   std::to_string(bytes) + " bytes for " + to_string(t.shape));
  return unit{};
}
}  // namespace detail

/// Tensors are well formed, every value is written once and before it is read, arities and shapes
/// follow the operators' rules.
inline status verify(const graph& g, const limits& l = {}) {
  using detail::at;
  if (g.nodes.size() > l.nodes)
    return error_info{
        errc::too_large,        "number of nodes", g.name, {}, {}, std::to_string(g.nodes.size()),
        std::to_string(l.nodes)};
  std::vector<char> written(g.tensors.size(), 0);
  const auto count = static_cast<tensor_id>(g.tensors.size());
  std::size_t constants = 0, activations = 0;
  for (tensor_id t = 0; t < count; ++t) {
    if (auto s = detail::verify_tensor(g[t], l); !s) return at(s.error(), g, nullptr, t);
    auto& sum = g[t].role == tensor::kind::constant ? constants : activations;
    sum = saturating_add(sum, bytes_of(g[t].shape.elements(), g[t].type).value);
    if (sum > l.total_bytes)
      return error_info{errc::too_large,
                        "all tensors together",
                        g.name,
                        {},
                        {},
                        {},
                        std::to_string(l.total_bytes) + " bytes"};
    if (g[t].role != tensor::kind::value) written[static_cast<std::size_t>(t)] = 1;
  }
  for (tensor_id t : g.inputs) {
    if (t < 0 || t >= count)
      return at(invalid("graph input index", std::to_string(t)), g, nullptr, no_tensor);
    written[static_cast<std::size_t>(t)] = 1;
  }
  for (const node& n : g.nodes) {
    const auto inputs = static_cast<std::int32_t>(n.in.size());
    if (inputs < n.op->min_inputs || (n.op->max_inputs >= 0 && inputs > n.op->max_inputs))
      return at(
          invalid("number of inputs", std::to_string(inputs),
                  std::to_string(n.op->min_inputs) + " to " + std::to_string(n.op->max_inputs)),
          g, &n, no_tensor);
    if (n.op->outputs >= 0 && static_cast<std::int32_t>(n.out.size()) != n.op->outputs)
      return at(
          invalid("number of outputs", std::to_string(n.out.size()), std::to_string(n.op->outputs)),
          g, &n, no_tensor);
    for (std::size_t i = 0; i < n.in.size(); ++i) {
      const tensor_id t = n.in[i];
      if (t == no_tensor && static_cast<std::int32_t>(i) >= n.op->min_inputs) continue;
      if (t < 0 || t >= count)
        return at(invalid("input index", std::to_string(t)), g, &n, no_tensor);
      if (!written[static_cast<std::size_t>(t)])
        return at(invalid("input is read before anything writes it"), g, &n, t);
    }
    for (tensor_id t : n.out) {
      if (t < 0 || t >= count)
        return at(invalid("output index", std::to_string(t)), g, &n, no_tensor);
      if (g[t].role == tensor::kind::constant ||
          (written[static_cast<std::size_t>(t)] && g[t].role != tensor::kind::state))
        return at(invalid("output is written twice"), g, &n, t);
      written[static_cast<std::size_t>(t)] = 1;
    }
    if (n.op->shape) {
      const node_inputs in(g, n);
      std::vector<dims> shapes(n.out.size());
      if (auto s = n.op->shape(in.view(), shapes); !s)
        return at(s.error(), g, &n, n.out.empty() ? no_tensor : n.out[0]);
      for (std::size_t i = 0; i < n.out.size(); ++i)
        if (!(shapes[i] == g[n.out[i]].shape))
          return at(invalid("output shape", to_string(g[n.out[i]].shape), to_string(shapes[i])), g,
                    &n, n.out[i]);
    }
  }
  for (tensor_id t : g.outputs)
    if (t < 0 || t >= count || !written[static_cast<std::size_t>(t)])
      return at(invalid("graph output is never written", std::to_string(t)), g, nullptr, no_tensor);
  return unit{};
}

OCTET_NAMESPACE_END

#endif  // OCTET_GRAPH_VERIFY_HPP_
