// From a prepared operator to one step: the kernel of a target if it takes these params, else the
// reference. Shared by loaded and typed networks.
#ifndef OCTET_RUNTIME_BIND_HPP_
#define OCTET_RUNTIME_BIND_HPP_

#include "octet/kernels/target.hpp"
#include "octet/ops/op.hpp"
#include "octet/runtime/step.hpp"

OCTET_NAMESPACE_BEGIN
namespace detail {

/// Copies the first input to the output: what an alias becomes where the two cannot share memory.
struct copy_params {
  std::size_t bytes;
};
inline void copy_kernel(const kernel_args& a) noexcept {
  const std::size_t n = static_cast<const copy_params*>(a.params)->bytes;
  if (n != 0) std::memcpy(a.out[0], a.in[0], n);
}

/// Fills run, params, kernel, kernel_name, scratch and parts. Packed weights come from `memory`.
/// Outputs without elements: nothing to compute, and kernels need not know tensors that have a null
/// pointer and pixels without channels.
inline void bind(const node_view& n, const prepared& p, target on, unsigned threads,
                 plan_memory& memory, step& st) {
  bool empty = !n.out.empty();
  for (const tensor_desc& y : n.out) empty = empty && y.shape.elements().value == 0;
  if (empty) {
    st.run = [](const kernel_args&) noexcept {};
    st.kernel_name = "nothing";
    return;
  }
  st.run = p.reference;
  st.params = p.params;
  st.scratch = p.reference_scratch.value;
  if (const kernel_entry* k = p.kernel == kernel_id::none ? nullptr : kernels::find(p.kernel, on);
      k && k->run && (!k->accepts || k->accepts(p.params))) {
    st.run = k->run;
    st.kernel = p.kernel;
    if (const std::size_t packed = k->packed_bytes ? k->packed_bytes(p.params) : 0)
      k->pack(p.params, memory.bytes(Bytes(packed)));
    st.scratch = k->scratch_bytes ? k->scratch_bytes(p.params) : 0;
    st.kernel_name = k->describe ? k->describe(p.params) : "simd";
    st.parts = k->parallel ? threads : 1;
  }
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

#endif  // OCTET_RUNTIME_BIND_HPP_
