// Definition of try_compile. Included by plan.hpp unless the build links octet::compiled.
#ifndef OCTET_RUNTIME_PLAN_IMPL_HPP_
#define OCTET_RUNTIME_PLAN_IMPL_HPP_

#include "octet/graph/passes.hpp"
#include "octet/kernels/target.hpp"
#include "octet/numerics/fp_env.hpp"
#include "octet/runtime/bind.hpp"
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
    shares_.resize(g.tensors.size());
    for (std::size_t i = 0; i < shares_.size(); ++i) shares_[i] = static_cast<tensor_id>(i);
    for (std::size_t i = 0; i < g.nodes.size(); ++i)
      if (auto s = add_step(i); !s)
        return at(s.error(), g, &g.nodes[i],
                  g.nodes[i].out.empty() ? no_tensor : g.nodes[i].out[0]);
    place_tensors();
    return plan(std::move(d_));
  }

 private:
  graph& g() { return d_->source; }
  tensor_id root(tensor_id t) const {
    while (shares_[static_cast<std::size_t>(t)] != t) t = shares_[static_cast<std::size_t>(t)];
    return t;
  }
  bool is_output(tensor_id t) const {
    for (tensor_id o : d_->source.outputs)
      if (o == t) return true;
    return false;
  }
  /// Sharing is safe where the shared bytes live in the arena and no two graph outputs or an input
  /// and an output would be one block.
  bool may_share(tensor_id from, tensor_id to) {
    if (d_->options.keep_all || g()[from].role != tensor::kind::value ||
        g()[to].role != tensor::kind::value)
      return false;
    if (!is_output(to)) return true;
    const tensor_id r = root(from);
    for (tensor_id i : g().inputs)
      if (root(i) == r) return false;
    for (tensor_id o : g().outputs)
      if (root(o) == r) return false;
    return true;
  }

  status add_step(std::size_t index) {
    node& n = g().nodes[index];
    const node_inputs in(g(), n);
    prepared p;
    p.memory = &d_->memory;
    if (auto s = prepare_node(*n.op, in.view(), p); !s) return s;
    step st;
    st.node = static_cast<std::int32_t>(index);
    if (p.alias) {
      if (may_share(n.in[0], n.out[0])) {
        shares_[static_cast<std::size_t>(n.out[0])] = root(n.in[0]);
        return unit{};
      }
      auto& c = p.make<copy_params>(&copy_kernel);
      c.bytes = bytes_of(g()[n.out[0]].shape.elements(), g()[n.out[0]].type).value;
    }
    bind(in.view(), p, d_->on, d_->options.threads, d_->memory, st);
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

  void place_tensors() {
    const std::size_t count = g().tensors.size();
    const auto last_step = static_cast<std::int32_t>(d_->steps.size());
    std::vector<lifetime> life(count);
    std::vector<char> used(count, 0);
    auto touch = [&](tensor_id t, std::int32_t when) {
      if (t == no_tensor || g()[t].role != tensor::kind::value) return;
      const auto r = static_cast<std::size_t>(root(t));
      life[r].bytes = std::max(life[r].bytes, bytes_of(g()[t].shape.elements(), g()[t].type).value);
      if (!used[r]) life[r].first = life[r].last = when;
      used[r] = 1;
      life[r].first = std::min(life[r].first, when);
      life[r].last = std::max(life[r].last, when);
    };
    for (tensor_id t : g().inputs) touch(t, -1);
    for (std::int32_t s = 0; s < last_step; ++s) {
      const step& st = d_->steps[static_cast<std::size_t>(s)];
      for (std::uint32_t k = 0; k < st.inputs; ++k) touch(d_->operands[st.first_in + k], s);
      for (std::uint32_t k = 0; k < st.outputs; ++k) touch(d_->operands[st.first_out + k], s);
    }
    for (tensor_id t : g().outputs) touch(t, last_step);
    if (d_->options.keep_all)
      for (lifetime& l : life) l.first = -1, l.last = last_step;
    std::vector<lifetime> blocks;
    std::vector<std::size_t> owner;
    for (std::size_t i = 0; i < count; ++i)
      if (used[i]) {
        blocks.push_back(life[i]);
        owner.push_back(i);
      }
    std::vector<std::int32_t> order(blocks.size()), placed(blocks.size());
    d_->activation_bytes = place(blocks, order, placed);
    d_->where.resize(count);
    for (std::size_t b = 0; b < blocks.size(); ++b)
      d_->where[owner[b]] = {placement::where::arena, blocks[b].offset, nullptr};
    for (std::size_t i = 0; i < count; ++i) {
      const tensor& t = g().tensors[i];
      if (t.role == tensor::kind::constant) {
        d_->where[i] = {placement::where::constant, 0, t.data.bytes.data()};
      } else if (t.role == tensor::kind::state) {
        d_->where[i] = {placement::where::state, d_->state_bytes, nullptr};
        d_->state_bytes += round_up(bytes_of(t.shape.elements(), t.type).value, alignment);
      } else if (const auto r = static_cast<std::size_t>(root(static_cast<tensor_id>(i))); r != i) {
        d_->where[i] = d_->where[r];
      }
    }
  }

  std::shared_ptr<plan_data> d_;
  std::vector<tensor_id> shares_;  // union-find over tensors that share bytes
};

}  // namespace detail

OCTET_INLINE result<plan> try_compile(graph g, const plan_options& options) {
  const numerics::exact_environment environment;
  std::string file = g.name;
  auto r = detail::planner(std::move(g), options).run();
  if (!r && r.error().file.empty()) r.error().file = std::move(file);
  return r;
}

OCTET_NAMESPACE_END

#endif  // OCTET_RUNTIME_PLAN_IMPL_HPP_
