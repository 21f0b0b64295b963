// Constant folding: a node whose inputs are all known is run once, by its reference, when the graph
// is built.
#ifndef OCTET_GRAPH_FOLD_HPP_
#define OCTET_GRAPH_FOLD_HPP_

#include "octet/graph/graph.hpp"
#include "octet/plan/prepare_step.hpp"

OCTET_NAMESPACE_BEGIN

/// Shapes must be inferred. True and the node's outputs become constants if every input is a
/// constant; the caller then drops the node.
inline result<bool> fold_constant(graph& g, const node& n) {
  for (tensor_id t : n.in)
    if (t != no_tensor && g[t].role != tensor::kind::constant) return false;
  const node_inputs in(g, n);
  plan_memory memory;
  step st;
  if (auto s = detail::prepare_step(*n.op, in.view(), target::reference, &detail::no_kernel, 1,
                                    memory, st);
      !s)
    return s.error();
  std::vector<const void*> from;
  std::vector<void*> to;
  std::vector<std::shared_ptr<buffer>> out;
  for (tensor_id t : n.in) from.push_back(t == no_tensor ? nullptr : g[t].data.bytes.data());
  for (tensor_id t : n.out) {
    const std::size_t bytes = bytes_of(g[t].shape.elements(), g[t].type).value;
    if (g[t].shape.elements().value > max_elements)
      return error_info{errc::too_large,
                        "constant",
                        {},
                        {},
                        g[t].name,
                        to_string(g[t].shape),
                        "at most 2^31 - 1 elements"};
    out.push_back(std::make_shared<buffer>(Bytes(std::max<std::size_t>(bytes, 1))));
    to.push_back(out.back()->data());
  }
  buffer scratch{Bytes(st.scratch)};
  st.run({st.params, {from.data(), from.size()}, {to.data(), to.size()}, scratch.data(), 0, 1});
  for (std::size_t i = 0; i < n.out.size(); ++i) {
    tensor& t = g[n.out[i]];
    t.role = tensor::kind::constant;
    const std::span<const std::byte> bytes{out[i]->data(),
                                           bytes_of(t.shape.elements(), t.type).value};
    t.data = {std::move(out[i]), bytes};
  }
  return true;
}

OCTET_NAMESPACE_END

#endif  // OCTET_GRAPH_FOLD_HPP_
