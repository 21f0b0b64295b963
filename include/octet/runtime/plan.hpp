// Planning: a verified graph becomes an immutable list of kernel calls over one arena.
#ifndef OCTET_RUNTIME_PLAN_HPP_
#define OCTET_RUNTIME_PLAN_HPP_

#include <memory>

#include "octet/graph/graph.hpp"
#include "octet/graph/verify.hpp"
#if OCTET_HAS_DEFINITIONS
#include "octet/kernels/every_kernel.hpp"
#else
#include "octet/kernels/target.hpp"
#endif
#include "octet/plan/step.hpp"

OCTET_NAMESPACE_BEGIN

struct plan_options {
  target on = target::automatic;  // which kernels; a target this CPU cannot run is an error
  unsigned threads = 1;           // parts that parallel kernels are split into
  bool keep_all =
      false;  // every tensor keeps its own memory and no tensor of the source file is fused away
  bool optimize = true;  // run passes::optimize first
  limits max{};          // of the graph, the plan and its sessions
};

/// Where a tensor lives while a session runs.
struct placement {
  enum class where : std::uint8_t { nowhere, arena, constant, state } in = where::nowhere;
  std::size_t offset = 0;      // into arena or state block
  const void* data = nullptr;  // constants
};

struct plan_data {
  graph source;  // after the passes; keeps constants alive
  plan_options options;
  target on = target::reference;  // the target in use
  plan_memory memory;             // params, multipliers, packed weights
  std::vector<step> steps;
  std::vector<tensor_id> operands;
  std::vector<placement> where;      // per tensor
  std::size_t activation_bytes = 0;  // arena without scratch
  std::size_t scratch_bytes = 0;     // per part
  std::size_t state_bytes = 0;
};

class plan_family;  // plans of one network for several shapes, and what they share

/// Immutable, cheap to copy, shared between threads. Sessions made from it share packed weights.
/// One that is default-made or moved from holds an empty graph; sessions are not made from it.
class plan {
 public:
  plan() = default;
  explicit plan(std::shared_ptr<const plan_data> d, std::shared_ptr<plan_family> of = nullptr)
      : data_(std::move(d)), family_(std::move(of)) {}
  bool empty() const noexcept { return data_ == nullptr; }
  const plan_data& data() const noexcept { return data_ ? *data_ : nothing(); }
  /// The graph as it runs (after fusion).
  const graph& source() const noexcept { return data().source; }
  target on() const noexcept { return data().on; }
  /// Bytes a session allocates for activations plus scratch of all threads.
  std::size_t arena_bytes() const noexcept {
    return round_up(data().activation_bytes, alignment) +
           round_up(data().scratch_bytes, alignment) * std::max(1u, data().options.threads);
  }
  std::size_t activation_bytes() const noexcept { return data().activation_bytes; }
  std::size_t scratch_bytes() const noexcept { return data().scratch_bytes; }
  std::size_t weight_bytes() const noexcept { return data().memory.total().value; }
  /// Of weight_bytes(): packed weights that plans of the same network for other shapes share.
  std::size_t shared_weight_bytes() const noexcept { return data().memory.shared().value; }

  /// The network has plans for other shapes: it was loaded from a model file (.onnx, .tflite, .pt,
  /// MXNet) and not changed before it was compiled.
  bool resizable() const noexcept { return family_ != nullptr; }
  /// How many plans of one network are kept besides those in use.
  static constexpr std::size_t most_kept = 4;
  /// The same network, under the same options, for other shapes of its inputs, given by name;
  /// inputs that are not named keep theirs, but for extents that an ONNX file gives the same name
  /// as extents of those given, which follow. Packed weights are shared. The last `most_kept` plans
  /// are kept: asking for one of them makes nothing. May be called by several threads at once.
  /// Errors: names and shapes that the network does not take, whatever the loader and try_compile
  /// say of it for these shapes, limits (errc::too_large).
  result<plan> try_resized(const named_shapes& shapes) const;
#if defined(__cpp_exceptions)
  /// try_resized, throwing octet::error.
  plan resized(const named_shapes& shapes) const { return value_or_throw(try_resized(shapes)); }
#endif
  /// Bytes of packed weights that all plans of the network share, each block counted once.
  std::size_t network_packed_bytes() const;

 private:
  static const plan_data& nothing() noexcept {
    static const plan_data d;
    return d;
  }
  std::shared_ptr<const plan_data> data_;
  std::shared_ptr<plan_family> family_;
};

namespace detail {
result<plan> compile_with(graph g, const plan_options& options, kernels::finder find);
}
/// Verifies, fuses, prepares, packs and places. The graph is copied into the plan (constants are
/// shared, not copied). A template, and its finder depends on it, so that of header-only files
/// those alone compile all kernels that plan a network.
template <kernels::kernel_set Which = kernels::every_kernel>
result<plan> try_compile(graph g, const plan_options& options = {}) {
  return detail::compile_with(std::move(g), options, kernels::finder_among<Which>());
}

#if defined(__cpp_exceptions)
/// try_compile, throwing octet::error.
template <int = 0> plan compile(graph g, const plan_options& options = {}) {
  return value_or_throw(try_compile(std::move(g), options));
}
#endif

OCTET_NAMESPACE_END

#if OCTET_HAS_DEFINITIONS
#include "octet/runtime/plan-impl.hpp"
#endif

#endif  // OCTET_RUNTIME_PLAN_HPP_
