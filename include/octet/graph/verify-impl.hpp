// Definitions of verify.hpp. Included by it unless the build links octet::compiled.
#ifndef OCTET_GRAPH_VERIFY_IMPL_HPP_
#define OCTET_GRAPH_VERIFY_IMPL_HPP_

#include "octet/graph/verify.hpp"

OCTET_NAMESPACE_BEGIN

namespace detail {
OCTET_INLINE error_info at(error_info e, const graph& g, const node* n, tensor_id t) {
  if (e.file.empty()) e.file = g.name;
  if (n && e.node.empty())
    e.node = std::string(n->op->name) + (n->name.empty() ? "" : " " + n->name);
  if (t != no_tensor && e.tensor.empty()) e.tensor = g[t].name;
  return e;
}
OCTET_INLINE status verify_tensor(const tensor& t, const limits& l) {
  if (auto s = verify_size(t.shape, t.type, l); !s) return s;
  const std::size_t bytes = bytes_of(t.shape.elements(), t.type).value;
  if (auto s = verify_quantization(t.desc()); !s) return s;
  if (t.type == dtype::boolean)
    for (std::byte b : t.data.bytes)
      if (std::to_integer<int>(b) > 1)
        return invalid("a bool", std::to_string(std::to_integer<int>(b)), "0 or 1");
  // States may begin at zero; values have no bytes before they are computed.
  const bool given = !t.data.bytes.empty();
  if ((t.role == tensor::kind::constant || given) && t.data.bytes.size() != bytes)
    return invalid("size of a " + std::string(name_of(t.role)),
                   std::to_string(t.data.bytes.size()) + " bytes",
                   std::to_string(bytes) + " bytes for " + to_string(t.shape));
  return unit{};
}

/// The error stands for the whole graph.
OCTET_INLINE status verify_count(const graph& g, std::size_t limits::*member, const limits& l,
                                 const char* what, std::size_t found) {
  auto s = within_limit(member, l, what, found);
  return s ? s : status(at(s.error(), g, nullptr, no_tensor));
}
/// `written`: the tensors that have a value at the end. One tensor may be many outputs, and whoever
/// runs the graph copies each.
OCTET_INLINE status verify_outputs(const graph& g, const std::vector<char>& written,
                                   const limits& l) {
  if (auto s = verify_count(g, &limits::tensors, l, "outputs of the graph", g.outputs.size()); !s)
    return s;
  std::size_t bytes = 0;
  for (tensor_id t : g.outputs) {
    if (t < 0 || as_size(t) >= written.size() || !written[as_size(t)])
      return at(invalid("graph output is never written", std::to_string(t)), g, nullptr, no_tensor);
    bytes = saturating_add(bytes, bytes_of(g[t].shape.elements(), g[t].type).value);
  }
  return verify_count(g, &limits::arena_bytes, l, "bytes of all outputs", bytes);
}
}  // namespace detail

OCTET_INLINE status verify_attributes(const graph& g, const node& n) {
  if (n.out.empty()) return detail::verify_values(n.attrs, {});
  const tensor_desc y = g[n.out[0]].desc();
  return detail::verify_values(n.attrs, {&y, 1});
}

OCTET_INLINE status verify(const graph& g, const limits& l) {
  using detail::at;
  const auto whole = [&](std::size_t limits::*member, const char* what, std::size_t found) {
    return detail::verify_count(g, member, l, what, found);
  };
  if (auto s = whole(&limits::nodes, "nodes of the graph", g.nodes.size()); !s) return s;
  if (auto s = whole(&limits::tensors, "tensors of the graph", g.tensors.size()); !s) return s;
  if (auto s = whole(&limits::tensors, "inputs of the graph", g.inputs.size()); !s) return s;
  std::vector<char> written(g.tensors.size(), 0);
  const auto count = static_cast<tensor_id>(g.tensors.size());
  std::size_t constants = 0;
  for (tensor_id t = 0; t < count; ++t) {
    if (auto s = detail::verify_tensor(g[t], l); !s) return at(s.error(), g, nullptr, t);
    constants = saturating_add(constants, g[t].data.bytes.size());
    if (g[t].role != tensor::kind::value) written[as_size(t)] = 1;
  }
  if (auto s = whole(&limits::constant_bytes, "bytes of all constants", constants); !s) return s;
  for (tensor_id t : g.inputs) {
    if (t < 0 || t >= count)
      return at(invalid("graph input index", std::to_string(t)), g, nullptr, no_tensor);
    if (g[t].role == tensor::kind::constant)  // whoever runs the graph writes its inputs
      return at(invalid("graph input is a constant"), g, nullptr, t);
    written[as_size(t)] = 1;
  }
  for (const node& n : g.nodes) {
    if (auto s = check_operands(g, n); !s) return at(s.error(), g, &n, no_tensor);
    if (auto s = verify_attributes(g, n); !s) return at(s.error(), g, &n, no_tensor);
    // Beside these, operands without a scale are the operators' own to refuse: some need none.
    for (std::size_t i = 0; i < n.in.size(); ++i)
      if (const tensor_id t = n.in[i]; t != no_tensor && g[t].scales.empty() &&
                                       detail::needs_scale(*n.op, rounding::none, g[t].type, i))
        return at(detail::no_scale(detail::name_of_operand(*n.op, true, i)), g, &n, t);
    for (tensor_id t : n.in)
      if (t != no_tensor && !written[as_size(t)])
        return at(invalid("input is read before anything writes it"), g, &n, t);
    for (tensor_id t : n.out) {
      if (g[t].role == tensor::kind::constant ||
          (written[as_size(t)] && g[t].role != tensor::kind::state))
        return at(invalid("output is written twice"), g, &n, t);
      written[as_size(t)] = 1;
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
  return detail::verify_outputs(g, written, l);
}

OCTET_NAMESPACE_END

#endif  // OCTET_GRAPH_VERIFY_IMPL_HPP_
