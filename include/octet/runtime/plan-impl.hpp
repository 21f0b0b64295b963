// Definition of try_compile. Included by plan.hpp unless the build links octet::compiled.
#ifndef OCTET_RUNTIME_PLAN_IMPL_HPP_
#define OCTET_RUNTIME_PLAN_IMPL_HPP_

#include "octet/graph/passes.hpp"
#include "octet/kernels/target.hpp"
#include "octet/numerics/fp_env.hpp"
#include "octet/plan/memory.hpp"
#include "octet/plan/prepare_step.hpp"
#include "octet/runtime/plan.hpp"

OCTET_NAMESPACE_BEGIN

namespace detail {

class planner {
 public:
  planner(graph g, const plan_options& o) : d_(std::make_shared<plan_data>()) {
    d_->source = std::move(g);
    d_->options = o;
    if (d_->options.threads == 0) d_->options.threads = 1;
  }

  result<plan> run() {
    graph& g = d_->source;
    if (auto s = verify(g, d_->options.max); !s) return s.error();
    if (d_->options.optimize) passes::optimize(g, d_->options.keep_all);
    d_->on = d_->options.on == target::automatic ? best_target() : d_->options.on;
    if (!can_run(d_->on))
      return unsupported("target", std::string(name_of(d_->on)),
                         "a target of this build that this CPU can run; see `octet info`");
    place_tensors();
    for (std::size_t i = 0; i < g.nodes.size(); ++i)
      if (auto s = add_step(i); !s)
        return at(s.error(), g, &g.nodes[i],
                  g.nodes[i].out.empty() ? no_tensor : g.nodes[i].out[0]);
    const plan made(d_);
    if (auto s = within_limit(&limits::arena_bytes, d_->options.max, "bytes of a session",
                              saturating_add(made.arena_bytes(), d_->state_bytes));
        !s)
      return s.error();
    return made;
  }

 private:
  const graph& g() const { return d_->source; }

  /// Where every tensor lies; `skipped_`.
  void place_tensors() {
    const std::size_t count = g().tensors.size();
    std::vector<memory_graph::tensor> tensors;
    for (const tensor& t : g().tensors)
      tensors.push_back({bytes_of(t.shape.elements(), t.type).value, kind_of(t.role)});
    std::vector<memory_graph::node> nodes;
    std::vector<tensor_id> operands;
    const auto add = [&](const std::vector<tensor_id>& list) {
      operands.insert(operands.end(), list.begin(), list.end());
      return static_cast<std::int32_t>(list.size());
    };
    for (const node& n : g().nodes) {
      memory_graph::node to{};
      to.first_in = static_cast<std::int32_t>(operands.size());
      to.ins = add(n.in);
      to.first_out = static_cast<std::int32_t>(operands.size());
      to.outs = add(n.out);
      to.alias = is_alias(*n.op, node_inputs(g(), n).view());
      nodes.push_back(to);
    }
    skipped_ = std::make_unique<bool[]>(nodes.size() + 1);
    std::vector<std::size_t> offset(count);
    memory_layout layout{offset, {skipped_.get(), nodes.size()}};
    lay_out({tensors, nodes, operands, g().inputs, g().outputs, d_->options.keep_all}, layout);
    d_->activation_bytes = layout.arena;
    d_->state_bytes = layout.states;
    for (std::size_t i = 0; i < count; ++i) {
      const tensor& t = g().tensors[i];
      switch (t.role) {
        case tensor::kind::constant:
          d_->where.push_back({placement::where::constant, 0, t.data.bytes.data()});
          break;
        case tensor::kind::state:
          d_->where.push_back({placement::where::state, offset[i], nullptr});
          break;
        case tensor::kind::value:
          d_->where.push_back(offset[i] == no_place
                                  ? placement{}
                                  : placement{placement::where::arena, offset[i], nullptr});
          break;
      }
    }
  }
  static memory_graph::kind kind_of(tensor::kind role) {
    switch (role) {
      case tensor::kind::value: return memory_graph::kind::value;
      case tensor::kind::constant: return memory_graph::kind::constant;
      case tensor::kind::state: break;
    }
    return memory_graph::kind::state;
  }

  status add_step(std::size_t index) {
    const node& n = g().nodes[index];
    const node_inputs in(g(), n);
    if (skipped_[index]) {  // nothing but the operator's own checks
      prepared p;
      p.memory = &d_->memory;
      return prepare_node(*n.op, in.view(), p);
    }
    step st;
    st.node = static_cast<std::int32_t>(index);
    if (auto s = prepare_step(*n.op, in.view(), d_->on, &kernels::find, d_->options.threads,
                              d_->memory, st, d_->options.max);
        !s)
      return s;
    d_->scratch_bytes = std::max(d_->scratch_bytes, st.scratch);
    st.first_in = static_cast<std::uint32_t>(d_->operands.size());
    st.inputs = static_cast<std::uint32_t>(n.in.size());
    d_->operands.insert(d_->operands.end(), n.in.begin(), n.in.end());
    st.first_out = static_cast<std::uint32_t>(d_->operands.size());
    st.outputs = static_cast<std::uint32_t>(n.out.size());
    d_->operands.insert(d_->operands.end(), n.out.begin(), n.out.end());
    d_->steps.push_back(st);
    return unit{};
  }

  std::shared_ptr<plan_data> d_;
  std::unique_ptr<bool[]> skipped_;  // per node: its output is its input's bytes
};

}  // namespace detail

OCTET_INLINE result<plan> try_compile(graph g, const plan_options& options) {
  const numerics::exact_environment environment;
  std::string file = g.name;
  auto r = with_memory_errors([&] { return detail::planner(std::move(g), options).run(); });
  if (!r && r.error().file.empty()) r.error().file = std::move(file);
  return r;
}

OCTET_NAMESPACE_END

#endif  // OCTET_RUNTIME_PLAN_IMPL_HPP_
