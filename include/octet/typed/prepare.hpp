// What a compiled typed graph does at run time: prepare, run, lower. Plain functions over tables of
// constants; nothing here depends on the graph's type.
#ifndef OCTET_TYPED_PREPARE_HPP_
#define OCTET_TYPED_PREPARE_HPP_

#include "octet/graph/graph.hpp"
#include "octet/kernels/every_kernel.hpp"
#include "octet/numerics/fp_env.hpp"
#include "octet/typed/image.hpp"

OCTET_NAMESPACE_BEGIN
namespace typed::detail {

/// Fills steps and operand addresses and packs weights. `storage` holds params and packed weights,
/// `scratch` is how many bytes one part has, `find` knows the kernels of the graph's operators; a
/// kernel that can be split is, into `threads` parts. Heap only on failure.
inline status prepare(const image& g, target on, kernels::finder find, unsigned threads,
                      plan_memory& storage, std::byte* arena, std::byte* state, std::size_t scratch,
                      step* steps, const void** operands, std::size_t& used) {
  const numerics::exact_environment environment;
  if (on == target::automatic) on = best_target();
  if (!can_run(on))
    return unsupported("target", std::string(octet::name_of(on)),
                       "a target of this build that this CPU can run");
  used = 0;
  for (std::size_t n = 0; n < g.nodes.size(); ++n) {
    const node_info& node = g.nodes[n];
    if (g.skipped[n]) continue;
    const auto address = [&](std::int32_t t) -> void* {
      const tensor_info& info = g.tensors[as_size(t)];
      if (info.role == role::constant) return const_cast<void*>(info.data);
      return (info.role == role::state ? state : arena) + g.offset[as_size(t)];
    };
    for (const auto& [first, count] :
         {std::pair{node.first_in, node.ins}, std::pair{node.first_out, node.outs}})
      for (std::int32_t i = first; i < first + count; ++i) {
        const std::int32_t t = g.operands[as_size(i)];
        operands[i] = t < 0 ? nullptr : address(t);
      }
    const auto fail = [&](error_info e) {
      e.node = std::string(node.op->name) + " written at line " + std::to_string(node.line);
      return e;
    };
    step& st = steps[used];
    st = step{};
    st.node = static_cast<std::int32_t>(n);
    const status done = with_view(g, node, [&](const node_view& v) {
      return octet::detail::prepare_step(*node.op, v, on, find, threads, storage, st);
    });
    if (!done) return fail(done.error());
    st.first_in = static_cast<std::uint32_t>(node.first_in);
    st.inputs = static_cast<std::uint32_t>(node.ins);
    st.first_out = static_cast<std::uint32_t>(node.first_out);
    st.outputs = static_cast<std::uint32_t>(node.outs);
    // Neither can be: prepare_step has checked what the two were sized by.
    if (st.scratch > scratch) return fail(invalid("scratch of a typed network"));
    if (storage.exhausted()) return fail(invalid("storage of a typed network"));
    ++used;
  }
  return unit{};
}

/// States to their first contents.
inline void reset(const image& g, std::byte* state) noexcept {
  for (std::size_t i = 0; i < g.tensors.size(); ++i) {
    const tensor_info& t = g.tensors[i];
    if (t.role != role::state) continue;
    octet::detail::reset_state(
        state + g.offset[i], t.type, bytes_of(unpack(t.shape).elements(), t.type).value,
        {static_cast<const std::byte*>(t.data), t.data ? t.bytes : 0}, t.zero_point);
  }
}

/// A tensor of a typed network as one of the IR. `unnamed`: the name where it has none.
inline octet::tensor lower(const tensor_info& t, std::string unnamed) {
  octet::tensor n;
  n.type = t.type;
  n.shape = unpack(t.shape);
  n.axis = t.channels != 0 ? t.axis : -1;
  if (t.channels == 0 && t.scale != 0) {
    n.scales = {t.scale};
    n.zero_points = {t.zero_point};
  }
  for (std::int32_t c = 0; c < t.channels; ++c)
    n.scales.push_back(t.scales64 ? t.scales64[c] : static_cast<double>(t.scales32[c]));
  if (t.zero_points) n.zero_points.assign(t.zero_points, t.zero_points + t.channels);
  if (t.role == role::constant) n.role = octet::tensor::kind::constant;
  if (t.role == role::state) n.role = octet::tensor::kind::state;
  if (t.role == role::constant || t.role == role::state)
    n.data.bytes = {static_cast<const std::byte*>(t.data), t.bytes};
  n.name = t.name ? std::string(t.name) : std::move(unnamed);
  return n;
}
inline void lower(const attribute& from, attributes& to) {
  switch (from.value.type) {
    case attribute_value::kind::integer: to.set(from.key, from.value.integer); break;
    case attribute_value::kind::real: to.set(from.key, from.value.real); break;
    case attribute_value::kind::integers:
      to.set(from.key,
             std::vector<std::int64_t>(from.value.integers.begin(), from.value.integers.end()));
      break;
    case attribute_value::kind::reals:
      to.set(from.key, std::vector<double>(from.value.reals.begin(), from.value.reals.end()));
      break;
    case attribute_value::kind::none:
    case attribute_value::kind::text: break;
  }
}
/// The same graph in the IR.
inline graph lower(const image& g, std::string name) {
  graph to;
  to.name = std::move(name);
  to.arithmetic = g.arithmetic;
  for (const tensor_info& t : g.tensors) to.add(lower(t, "t" + std::to_string(to.tensors.size())));
  for (std::size_t i = 0; i < g.outputs.size(); ++i) {
    octet::tensor& t = to[g.outputs[i]];
    if (g.output_names[i])
      t.name = g.output_names[i];
    else if (!g.tensors[as_size(g.outputs[i])].name)
      t.name = i == 0 ? "output" : "output_" + std::to_string(i);
  }
  for (const node_info& n : g.nodes) {
    attributes a;
    for (std::int32_t i = 0; i < n.attrs; ++i) lower(g.attributes[as_size(n.first_attr + i)], a);
    std::vector<tensor_id> in, out;
    for (std::int32_t i = 0; i < n.ins; ++i) in.push_back(g.operands[as_size(n.first_in + i)]);
    for (std::int32_t i = 0; i < n.outs; ++i) out.push_back(g.operands[as_size(n.first_out + i)]);
    to.add_node(*n.op, "#" + std::to_string(to.nodes.size()), std::move(in), std::move(out),
                std::move(a), n.round);
  }
  to.inputs.assign(g.inputs.begin(), g.inputs.end());
  to.outputs.assign(g.outputs.begin(), g.outputs.end());
  return to;
}

}  // namespace typed::detail
OCTET_NAMESPACE_END

#endif  // OCTET_TYPED_PREPARE_HPP_
