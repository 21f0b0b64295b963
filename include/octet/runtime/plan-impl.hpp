// Definition of try_compile. Included by plan.hpp unless the build links octet::compiled.
#ifndef OCTET_RUNTIME_PLAN_IMPL_HPP_
#define OCTET_RUNTIME_PLAN_IMPL_HPP_

#include <algorithm>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "octet/core/mapping.hpp"
#include "octet/graph/node_key.hpp"
#include "octet/graph/passes.hpp"
#include "octet/kernels/every_kernel.hpp"
#include "octet/numerics/fp_env.hpp"
#include "octet/plan/memory.hpp"
#include "octet/plan/prepare_step.hpp"
#include "octet/runtime/plan.hpp"

OCTET_NAMESPACE_BEGIN

namespace detail {

/// Packed weights, and what is known of constants: alive as long as a plan holds them. Keys have
/// addresses of constants that the same plans keep alive.
class shared_store {
 public:
  /// The one of this key; made where there is none.
  std::shared_ptr<node_facts> facts(std::string key) {
    std::weak_ptr<node_facts>& kept = facts_[std::move(key)];
    auto found = kept.lock();
    if (!found) kept = found = std::make_shared<node_facts>();
    return found;
  }
  std::weak_ptr<const buffer>& block(std::string key) { return blocks_[std::move(key)]; }
  void drop_unused() {
    std::erase_if(facts_, [](const auto& f) { return f.second.expired(); });
    std::erase_if(blocks_, [](const auto& b) { return b.second.expired(); });
  }
  std::size_t packed_bytes() const {
    std::size_t sum = 0;
    for (const auto& [key, block] : blocks_)
      if (const auto b = block.lock()) sum += round_up(b->size(), alignment);
    return sum;
  }

 private:
  std::unordered_map<std::string, std::weak_ptr<node_facts>> facts_;
  std::unordered_map<std::string, std::weak_ptr<const buffer>> blocks_;
};

/// What is shared of one node.
class shared_of_node final : public shared_data {
 public:
  shared_of_node(shared_store& store, const graph& g, const node& n, plan_memory& memory)
      : store_(store), g_(g), node_(n), memory_(memory) {}
  node_facts& facts() override {
    auto found = store_.facts(node_key(g_, node_, key_extents::none).take());
    node_facts& f = *found;
    memory_.hold(std::move(found), Bytes(0));
    return f;
  }
  bool pack(const kernel_entry& k, void* params, std::size_t bytes) override {
    node_key key(g_, node_, key_extents::none);
    key.put(&k), key.put(bytes), key.put(k.packing ? k.packing(params) : 0);
    std::weak_ptr<const buffer>& kept = store_.block(key.take());
    if (auto found = kept.lock()) {
      k.place(params, found->data());
      memory_.hold(std::move(found), Bytes(bytes));
      return true;
    }
    auto made = std::make_shared<buffer>(buffer::try_make(Bytes(bytes)));
    if (made->size() != bytes) return false;
    k.pack(params, made->data());
    kept = made;
    memory_.hold(std::move(made), Bytes(bytes));
    return true;
  }

 private:
  shared_store& store_;
  const graph& g_;
  const node& node_;
  plan_memory& memory_;
};

class planner {
 public:
  /// `shared`: by the network's plans; null: the plan has its own. `verified`: the graph is, within
  /// limits that are no wider than the plan's.
  planner(graph g, const plan_options& o, kernels::finder find, shared_store* shared = nullptr,
          bool verified = false)
      : d_(std::make_shared<plan_data>()), find_(find), shared_(shared), verified_(verified) {
    d_->source = std::move(g);
    d_->options = o;
    if (d_->options.threads == 0) d_->options.threads = 1;
  }

  result<std::shared_ptr<const plan_data>> run() {
    graph& g = d_->source;
    if (auto s = verified_ ? status(unit{}) : verify(g, d_->options.max); !s) return s.error();
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
    return std::shared_ptr<const plan_data>(d_);
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

  bool has_constants(const node& n) const {
    for (const tensor_id t : n.in)
      if (t != no_tensor && g()[t].role == tensor::kind::constant) return true;
    return false;
  }
  /// Of constants that lie in a mapped file and that a kernel has packed, the memory: a network's
  /// weights are not held twice.
  void give_back_packed(const node& n, const step& st) const {
    if (st.packed == 0) return;
    for (const tensor_id t : n.in)
      if (t != no_tensor) give_back(g()[t].data.owner, g()[t].data.bytes);
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
    std::optional<shared_of_node> shared;
    if (shared_ != nullptr && n.op->kernel != kernel_id::none && has_constants(n))
      shared.emplace(*shared_, g(), n, d_->memory);
    if (auto s = prepare_step(*n.op, in.view(), d_->on, find_, d_->options.threads, d_->memory, st,
                              d_->options.max, shared ? &*shared : nullptr);
        !s)
      return s;
    give_back_packed(n, st);
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
  const kernels::finder find_;
  shared_store* const shared_;
  const bool verified_;
  std::unique_ptr<bool[]> skipped_;  // per node: its output is its input's bytes
};

}  // namespace detail

/// Plans refer to it, and it to the plans that it keeps by their data alone.
class plan_family {
 public:
  plan_family(std::shared_ptr<graph_source> origin, const plan_options& options,
              kernels::finder find)
      : origin_(std::move(origin)), options_(options), find_(find) {}

  result<std::shared_ptr<const plan_data>> make(graph g) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return add(std::move(g));
  }
  /// `shapes`: of all inputs, in order.
  result<std::shared_ptr<const plan_data>> at(const named_shapes& shapes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto it = recent_.begin(); it != recent_.end(); ++it)
      if (has_shapes((*it)->source, shapes)) {
        std::rotate(recent_.begin(), it, it + 1);
        return recent_.front();
      }
    auto g = origin_->for_shapes(shapes);
    if (!g) return g.error();
    if (!has_shapes(*g, shapes))
      return unsupported("other shapes of inputs", "inputs that share a name", "a name for each");
    bool verified = true;
    for (const limits::entry& e : limits::list)
      verified = verified && origin_->within().*e.member <= options_.max.*e.member;
    return add(std::move(*g), verified);
  }
  /// As graph_source::completed.
  result<named_shapes> completed(const named_shapes& given, named_shapes all) const {
    return origin_->completed(given, std::move(all));
  }
  std::size_t packed_bytes() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return store_.packed_bytes();
  }

 private:
  static bool has_shapes(const graph& g, const named_shapes& shapes) {
    for (std::size_t i = 0; i < shapes.size(); ++i)
      if (i >= g.inputs.size() || !(g[g.inputs[i]].shape == shapes[i].second)) return false;
    return shapes.size() == g.inputs.size();
  }
  result<std::shared_ptr<const plan_data>> add(graph g, bool verified = false) {
    auto made = detail::planner(std::move(g), options_, find_, &store_, verified).run();
    if (!made) return made;
    recent_.push_front(*made);
    if (recent_.size() > plan::most_kept) recent_.pop_back();
    store_.drop_unused();
    return made;
  }

  const std::shared_ptr<graph_source> origin_;
  const plan_options options_;
  const kernels::finder find_;
  std::mutex mutex_;
  detail::shared_store store_;
  std::deque<std::shared_ptr<const plan_data>> recent_;  // the last used first
};

OCTET_INLINE result<plan> detail::compile_with(graph g, const plan_options& options,
                                               kernels::finder find) {
  const numerics::exact_environment environment;
  std::string file = g.name;
  std::shared_ptr<graph_source> origin = std::exchange(g.origin, nullptr);
  auto r = with_memory_errors([&]() -> result<plan> {
    std::shared_ptr<plan_family> family;
    if (origin && origin->made(g)) family = std::make_shared<plan_family>(origin, options, find);
    auto made =
        family ? family->make(std::move(g)) : detail::planner(std::move(g), options, find).run();
    if (!made) return made.error();
    return plan(std::move(*made), std::move(family));
  });
  if (!r && r.error().file.empty()) r.error().file = std::move(file);
  return r;
}

OCTET_INLINE result<plan> plan::try_resized(const named_shapes& shapes) const {
  const numerics::exact_environment environment;
  const graph& g = source();
  const auto fail = [&](error_info e, const std::string& input = {}) {
    if (e.file.empty()) e.file = g.name;
    if (e.tensor.empty()) e.tensor = input;
    return e;
  };
  named_shapes all;
  std::string known;
  for (const tensor_id t : g.inputs) {
    all.emplace_back(g[t].name, g[t].shape);
    known += (known.empty() ? "" : ", ") + g[t].name;
  }
  const named_shapes now = all;
  for (const auto& given : shapes) {
    const auto& [name, shape] = given;
    const auto at =
        std::find_if(all.begin(), all.end(), [&](const auto& a) { return a.first == given.first; });
    if (at == all.end()) return fail(invalid("no such input", name, known));
    const tensor& t = g[g.inputs[as_size(at - all.begin())]];
    if (auto s = verify_size(shape, t.type, data().options.max, "an input"); !s)
      return fail(s.error(), name);
    at->second = shape;
  }
  if (all != now && family_) {
    auto completed = family_->completed(shapes, now);
    if (!completed) return fail(completed.error());
    all = std::move(*completed);
  }
  const bool same = all == now;
  if (same) return *this;
  if (!family_)
    return fail(unsupported("other shapes of inputs", "a network whose shapes are fixed",
                            "one loaded from .onnx, .tflite, .pt or MXNet files and not changed "
                            "before it was compiled"));
  auto made = with_memory_errors([&] { return family_->at(all); });
  if (!made) return fail(made.error());
  return plan(std::move(*made), family_);
}
OCTET_INLINE std::size_t plan::network_packed_bytes() const {
  return family_ ? family_->packed_bytes() : 0;
}

OCTET_NAMESPACE_END

#endif  // OCTET_RUNTIME_PLAN_IMPL_HPP_
