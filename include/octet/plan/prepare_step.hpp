// From a node to one step, on every path: loaded and typed networks, direct calls, constant
// folding. The kernel of a target runs if it takes the node's params, else the reference.
#ifndef OCTET_PLAN_PREPARE_STEP_HPP_
#define OCTET_PLAN_PREPARE_STEP_HPP_

#include "octet/core/limits.hpp"
#include "octet/ops/op.hpp"
#include "octet/plan/step.hpp"

OCTET_COLD_NAMESPACE_BEGIN
namespace detail {

/// Copies the first input to the output: what an alias becomes where the two cannot share memory.
struct copy_params {
  std::size_t bytes = 0;
};
inline void copy_kernel(const kernel_args& a) noexcept {
  const std::size_t n = static_cast<const copy_params*>(a.params)->bytes;
  if (n != 0) std::memcpy(a.out[0], a.in[0], n);
}

/// Outputs without elements: nothing to compute, and kernels need not know tensors that have a null
/// pointer and pixels without channels.
constexpr bool computes_nothing(const node_view& n) {
  for (const tensor_desc& y : n.out)
    if (y.shape.elements().value != 0) return false;
  return !n.out.empty();
}

/// The memory of a step for a node, on each of the targets.
constexpr node_memory memory_of_step(const op_def& op, const node_view& n,
                                     std::span<const kernels::target_layout* const> targets) {
  node_memory m(targets);
  if (op.memory != nullptr) op.memory(n, m);
  if (m.alias) m.make<copy_params>();
  if (computes_nothing(n)) m.reference_scratch = 0, m.on = {};
  for (kernels::node_bytes& b : m.on) b.scratch = std::max(b.scratch, m.reference_scratch);
  return m;
}
/// The output of this node may be its input's bytes.
constexpr bool is_alias(const op_def& op, const node_view& n) {
  node_memory m;
  if (op.memory != nullptr && takes(op, n)) op.memory(n, m);
  return m.alias;
}

/// What an operator or kernel takes beyond what it declares: an error of its author, found on every
/// path, because typed graphs would be too small.
OCTET_COLD inline status within(const op_def& op, const char* what, std::size_t taken,
                                std::size_t declared) {
  if (taken <= declared || op.memory == nullptr) return unit{};
  return invalid_of({what}, {taken, " bytes"}, {declared, " bytes, as op_def::memory says"});
}

/// References only: for who must not name the kernels (loaders, which fold constants).
inline const kernel_entry* no_kernel(kernel_id, target) noexcept { return nullptr; }

/// What plans of one network share of a node.
class shared_data {
 public:
  /// What is known of the node's constants.
  virtual node_facts& facts() = 0;
  /// Stores the block of packed data, that many bytes, in the params, as `k.pack` does, and has
  /// the plan's memory hold it. False: there is no memory for it.
  virtual bool pack(const kernel_entry& k, void* params, std::size_t bytes) = 0;

 protected:
  ~shared_data() = default;
};

/// Packs a step's constants, `bytes` of them packed, or takes what other plans have packed.
OCTET_COLD inline status pack_step(const kernel_entry& k, void* params, std::size_t bytes,
                                   plan_memory& memory, shared_data* shared) {
  if (bytes != 0 && shared == nullptr) k.pack(params, memory.bytes(Bytes(bytes)));
  if (bytes != 0 && shared != nullptr && !shared->pack(k, params, bytes)) return no_memory(bytes);
  memory.align();
  return unit{};
}

/// Fills run, params, kernel, kernel_name, scratch and parts of `st`. Params and packed weights
/// come from `memory`, which with what the operator declares stays within `max`: that is looked at
/// before anything is allocated. `threads`: into how many parts a kernel that can be split is. No
/// heap on the way to success if `memory` needs none and packed data is not `shared` (null).
OCTET_COLD inline status prepare_step(const op_def& op, const node_view& n, target on,
                                      kernels::finder find, unsigned threads, plan_memory& memory,
                                      step& st, const limits& max = limits::none(),
                                      shared_data* shared = nullptr) {
  const kernels::target_layout* const layout[] = {kernels::layout_of(on)};
  prepared p;
  p.memory = &memory;
  if (shared != nullptr) p.facts = &shared->facts();
  memory.align();
  const std::size_t before = memory.total().value;
  const node_memory most = takes(op, n) ? memory_of_step(op, n, layout) : node_memory();
  if (auto s = within_limit(&limits::plan_bytes, max, "bytes of the plan",
                            saturating_add(saturating_add(before, most.params), most.on[0].packed));
      !s)
    return s;
  if (auto s = within_limit(&limits::scratch_bytes, max, "bytes of an operator while it runs",
                            std::max(most.reference_scratch, most.on[0].scratch));
      !s)
    return s;
  // Alignment may leave a gap before params and before packed data.
  const std::size_t own = most.params + (shared != nullptr ? 0 : most.on[0].packed),
                    taken = own == 0 ? 0 : own + 2 * alignment;
  if (!memory.reserve(Bytes(taken))) return no_memory(taken);
  if (auto s = prepare_node(op, n, p); !s) return s;
  if (most.alias)
    p.make<copy_params>(&copy_kernel).bytes =
        bytes_of(n.out[0].shape.elements(), n.out[0].type).value;
  if (auto s = within(op, "params of an operator", memory.total().value - before, most.params); !s)
    return s;
  memory.align();
  st.params = p.params;
  if (computes_nothing(n)) {
    st.run = [](const kernel_args&) noexcept {};
    st.kernel_name = "nothing";
    return unit{};
  }
  st.run = p.reference;
  st.scratch = most.reference_scratch;
  const kernel_entry* const k = p.kernel == kernel_id::none ? nullptr : find(p.kernel, on);
  if (k == nullptr || k->run == nullptr || (k->accepts && !k->accepts(p.params))) return unit{};
  // Header-only programs compile declared kernels alone: another one would run here and not there.
  if ((kernels_of(op) & kernels::set_of(p.kernel)) == 0)
    return invalid("kernel of " + std::string(op.name), std::string(name_of(p.kernel)),
                   "op_def::kernel or op_def::other_kernel");
  st.run = k->run;
  st.kernel = p.kernel;
  st.kernel_name = k->describe ? k->describe(p.params) : "simd";
  st.parts = k->parallel ? threads : 1;
  if (k->before && st.parts > 1) st.before = k->before(p.params, st.parts);
  st.scratch = k->scratch_bytes ? k->scratch_bytes(p.params) : 0;
  st.packed = k->packed_bytes ? k->packed_bytes(p.params) : 0;
  if (auto s = within(op, "scratch of a kernel", st.scratch, most.on[0].scratch); !s) return s;
  if (auto s = within(op, "packed data of a kernel", st.packed, most.on[0].packed); !s) return s;
  return pack_step(*k, p.params, st.packed, memory, shared);
}

/// A state's first contents: those given, else real zero.
inline void reset_state(std::byte* to, dtype type, std::size_t bytes,
                        std::span<const std::byte> first, std::int32_t zero_point) noexcept {
  if (!first.empty())
    std::memcpy(to, first.data(), first.size());
  else if (bytes != 0)
    std::memset(to, is_8bit(type) ? zero_point & 255 : 0, bytes);
}

}  // namespace detail
OCTET_NAMESPACE_END

#endif  // OCTET_PLAN_PREPARE_STEP_HPP_
