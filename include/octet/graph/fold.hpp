// Constant folding: a node whose inputs are all known is run once, by its reference, when the graph
// is built.
#ifndef OCTET_GRAPH_FOLD_HPP_
#define OCTET_GRAPH_FOLD_HPP_

#include <memory>

#include "octet/graph/graph.hpp"
#include "octet/plan/prepare_step.hpp"

OCTET_NAMESPACE_BEGIN

/// Every input is known, and what the node writes is nothing but its result: a state keeps its
/// first contents, a tensor that is written twice has two shapes.
inline bool can_fold(const graph& g, const node& n) {
  for (tensor_id t : n.in)
    if (t != no_tensor && g[t].role != tensor::kind::constant) return false;
  for (std::size_t i = 0; i < n.out.size(); ++i) {
    if (g[n.out[i]].role != tensor::kind::value) return false;
    for (std::size_t k = 0; k < i; ++k)
      if (n.out[k] == n.out[i]) return false;
  }
  return true;
}

/// The outputs of a node that can_fold() become constants; the caller then drops the node. Shapes
/// must be inferred and, like the work, within the caller's limits.
inline status fold_constant(graph& g, const node& n, const limits& max) {
  const node_inputs in(g, n);
  plan_memory memory(Bytes(512));  // of one node
  step st;
  if (auto s = detail::prepare_step(*n.op, in.view(), target::reference, &detail::no_kernel, 1,
                                    memory, st, max);
      !s)
    return s;
  std::vector<const void*> from;
  std::vector<void*> to;
  std::vector<std::shared_ptr<buffer>> out;
  for (tensor_id t : n.in) from.push_back(t == no_tensor ? nullptr : g[t].data.bytes.data());
  for (tensor_id t : n.out) {
    const std::size_t bytes = bytes_of(g[t].shape.elements(), g[t].type).value;
    out.push_back(
        std::make_shared<buffer>(buffer::try_make(Bytes(std::max<std::size_t>(bytes, 1)))));
    if (out.back()->size() == 0) return no_memory(bytes);
    to.push_back(out.back()->data());
  }
  buffer scratch = buffer::try_make(Bytes(st.scratch));
  if (scratch.size() < st.scratch) return no_memory(st.scratch);
  st.run({st.params, {from.data(), from.size()}, {to.data(), to.size()}, scratch.data(), 0, 1});
  for (std::size_t i = 0; i < n.out.size(); ++i) {
    tensor& t = g[n.out[i]];
    t.role = tensor::kind::constant;
    const std::span<const std::byte> bytes{out[i]->data(),
                                           bytes_of(t.shape.elements(), t.type).value};
    t.data = {std::move(out[i]), bytes};
  }
  return unit{};
}

OCTET_NAMESPACE_END

#endif  // OCTET_GRAPH_FOLD_HPP_
