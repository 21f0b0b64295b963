// What stands behind the watershed: plain parameter structs and function pointers. Templates and
// types stay in front of it.
#ifndef OCTET_KERNELS_KERNEL_HPP_
#define OCTET_KERNELS_KERNEL_HPP_

#include <cstddef>
#include <cstdint>

#include "octet/core/shape.hpp"

OCTET_NAMESPACE_BEGIN

/// The addresses of a node's operands, in the operator's order. An operand that is absent is null,
/// wherever it stands: in the middle of the list or past its end. Owns nothing.
template <class Pointer> class operand_list {
 public:
  constexpr operand_list() noexcept = default;
  constexpr operand_list(const Pointer* first, std::size_t count) noexcept
      : first_(first), count_(count) {}
  template <std::size_t N>
  constexpr operand_list(const Pointer (&list)[N]) noexcept : operand_list(list, N) {}  // NOLINT
  constexpr Pointer operator[](std::size_t i) const noexcept {
    return i < count_ ? first_[i] : nullptr;
  }

 private:
  const Pointer* first_ = nullptr;
  std::size_t count_ = 0;
};

/// One call of one kernel. All memory belongs to the caller; nothing is allocated, locked or
/// thrown.
struct kernel_args {
  const void* params = nullptr;    // the operator's params struct
  operand_list<const void*> in{};  // one address per input of the node, constants too; null where
                                   // an optional input is absent
  operand_list<void*> out{};       // one address per output
  void* scratch = nullptr;         // this part's own scratch, 64-byte aligned, contents undefined
  std::uint32_t part =
      0;  // this call computes part `part` of `parts`: a static partition over threads;
  std::uint32_t parts = 1;       // the parts write disjoint elements and together all of them
  std::size_t scratch_step = 0;  // bytes from a part's scratch to the next one's
};
using kernel_fn = void (*)(const kernel_args&) noexcept;

/// How one target runs one operator. A null `run` means: this target uses the operator's reference.
struct kernel_entry {
  kernel_fn run = nullptr;
  /// Bytes of packed constants for these params (0: none). Null: none ever.
  std::size_t (*packed_bytes)(const void* params) = nullptr;
  /// Packs the raw constants that `params` points to into `to` (64-byte aligned) and stores `to` in
  /// the params.
  void (*pack)(void* params, std::byte* to) = nullptr;
  /// Bytes of scratch that one part needs.
  std::size_t (*scratch_bytes)(const void* params) = nullptr;
  /// False where this kernel cannot take these params: the planner then uses the reference. Null:
  /// takes all.
  bool (*accepts)(const void* params) = nullptr;
  /// Name for `octet info` and `octet explain`: "conv2d 1x1 vnni 6x64". May depend on the params.
  /// Null params: the general name.
  const char* (*describe)(const void* params) = nullptr;
  /// May be called with parts > 1.
  bool parallel = false;
  /// What the parts find out together of operands that each would have to read whole otherwise:
  /// all parts of this call are done, and have left it in their scratch, before a part of `run`
  /// begins. Null, or returns null: nothing for these params and so many parts, more than 1.
  kernel_fn (*before)(const void* params, std::uint32_t parts) = nullptr;
  /// Stores data that pack() wrote for another node in the params: one whose constants,
  /// quantization and attributes (but the padding of pixels) are the same, and where there is
  /// `packing`, what that gives too. Extents of values do not matter. Every kernel that packs has
  /// it.
  void (*place)(void* params, const std::byte* packed) = nullptr;
  /// What else decides what pack() writes, as a number. Null: nothing.
  std::uint64_t (*packing)(const void* params) = nullptr;
};

/// Kernels that exist for SIMD targets. An operator names its kernel by this; what it means on a
/// target is kernels::entry<ID>(target).
enum class kernel_id : std::uint8_t {
  none = 0,  // always the reference
  conv2d,
  depthwise_conv2d,
  fully_connected,
  requantize,
  requantize_add,
  add,
  mul,
  pool2d,
  quantize,
  dequantize,
  lut8,
  softmax,
  mean,
  batch_matmul,
  transpose_conv2d,
  resize_bilinear,
  dynamic_quantize,
  dynamic_dequantize,
  dynamic_quantize_linear,
  dynamic_layer,
  unary,
  binary,
  select,
  cast,
  fake_quantize,
  prelu,
  batch_norm,
  norm,
  layer_norm,
  arg_extreme,
  movement,
  lstm,
  svdf,
  float_layer,
  float_depthwise,
  dynamic_transpose,
  float_batch_matmul,
  attention,
  float_lstm,
  rnn,
  float_svdf,
  aten_mean,
  quantized_aten_mean,
  resample,
  grid_sample,
  embedding_bag,
  local_response,
  conv3d,
  l2_normalization,
  variance,
  cumsum
};
constexpr std::string_view name_of(kernel_id k) noexcept {
  switch (k) {
    case kernel_id::none: return "none";
    case kernel_id::conv2d: return "conv2d";
    case kernel_id::depthwise_conv2d: return "depthwise_conv2d";
    case kernel_id::fully_connected: return "fully_connected";
    case kernel_id::requantize: return "requantize";
    case kernel_id::requantize_add: return "requantize_add";
    case kernel_id::add: return "add";
    case kernel_id::mul: return "mul";
    case kernel_id::pool2d: return "pool2d";
    case kernel_id::quantize: return "quantize";
    case kernel_id::dequantize: return "dequantize";
    case kernel_id::lut8: return "lut8";
    case kernel_id::softmax: return "softmax";
    case kernel_id::mean: return "mean";
    case kernel_id::batch_matmul: return "batch_matmul";
    case kernel_id::transpose_conv2d: return "transpose_conv2d";
    case kernel_id::resize_bilinear: return "resize_bilinear";
    case kernel_id::dynamic_quantize: return "dynamic_quantize";
    case kernel_id::dynamic_dequantize: return "dynamic_dequantize";
    case kernel_id::dynamic_quantize_linear: return "dynamic_quantize_linear";
    case kernel_id::dynamic_layer: return "dynamic_layer";
    case kernel_id::unary: return "unary";
    case kernel_id::binary: return "binary";
    case kernel_id::select: return "select";
    case kernel_id::cast: return "cast";
    case kernel_id::fake_quantize: return "fake_quantize";
    case kernel_id::prelu: return "prelu";
    case kernel_id::batch_norm: return "batch_norm";
    case kernel_id::norm: return "norm";
    case kernel_id::layer_norm: return "layer_norm";
    case kernel_id::arg_extreme: return "arg_extreme";
    case kernel_id::movement: return "movement";
    case kernel_id::lstm: return "lstm";
    case kernel_id::svdf: return "svdf";
    case kernel_id::float_layer: return "float_layer";
    case kernel_id::float_depthwise: return "float_depthwise";
    case kernel_id::dynamic_transpose: return "dynamic_transpose";
    case kernel_id::float_batch_matmul: return "float_batch_matmul";
    case kernel_id::attention: return "attention";
    case kernel_id::float_lstm: return "float_lstm";
    case kernel_id::rnn: return "rnn";
    case kernel_id::float_svdf: return "float_svdf";
    case kernel_id::aten_mean: return "aten_mean";
    case kernel_id::quantized_aten_mean: return "quantized_aten_mean";
    case kernel_id::resample: return "resample";
    case kernel_id::grid_sample: return "grid_sample";
    case kernel_id::embedding_bag: return "embedding_bag";
    case kernel_id::local_response: return "local_response";
    case kernel_id::conv3d: return "conv3d";
    case kernel_id::l2_normalization: return "l2_normalization";
    case kernel_id::variance: return "variance";
    case kernel_id::cumsum: return "cumsum";
  }
  return no_enumerator;
}

/// Instruction sets a kernel can be compiled for. `reference` runs every operator's constexpr
/// reference. The order within an architecture is from plain to best; `automatic` means: the best
/// that this CPU can run.
enum class target : std::uint8_t {
  automatic = 0,
  reference,
  emu128,  // tests: Highway's portable 128-bit vectors
  sse4,
  avx2,
  avx2_vnni_emulated,  // tests: the kernels of avx2_vnni on any CPU with AVX2
  avx2_vnni,           // AVX-VNNI: the 256-bit dot product of CPUs without AVX-512
  avx3,
  avx3_vnni,
  neon,
  neon_dotprod
};
constexpr std::string_view name_of(target t) noexcept {
  switch (t) {
    case target::automatic: return "automatic";
    case target::reference: return "reference";
    case target::emu128: return "EMU128";
    case target::sse4: return "SSE4";
    case target::avx2: return "AVX2";
    case target::avx2_vnni_emulated: return "AVX2_VNNI_EMULATED";
    case target::avx2_vnni: return "AVX2_VNNI";
    case target::avx3: return "AVX3";
    case target::avx3_vnni: return "AVX3_VNNI";
    case target::neon: return "NEON";
    case target::neon_dotprod: return "NEON_DOTPROD";
  }
  return no_enumerator;
}

namespace kernels {
/// Who is asked for a target's kernel: find(), or what names fewer of them (kernels/target.hpp).
using finder = const kernel_entry* (*)(kernel_id, target) noexcept;

/// What a kernel takes for one node.
struct node_bytes {
  std::size_t packed = 0;   // of packed constants
  std::size_t scratch = 0;  // of scratch, for each part of a call
};
constexpr node_bytes largest(const node_bytes& a, const node_bytes& b) noexcept {
  return {a.packed > b.packed ? a.packed : b.packed, a.scratch > b.scratch ? a.scratch : b.scratch};
}

/// Kernels by name, one bit each.
using kernel_set = std::uint64_t;
static_assert(enumerators<kernel_id>.size() <= 64);
constexpr kernel_set set_of(kernel_id id) noexcept {
  return kernel_set{1} << static_cast<unsigned>(id);
}
}  // namespace kernels

/// Half-open range of work for one part of a static partition of n items.
struct part_range {
  std::size_t begin, end;
};
constexpr part_range part_of(std::size_t n, std::uint32_t part, std::uint32_t parts) noexcept {
  return {n * part / parts, n * (part + std::size_t{1}) / parts};
}

OCTET_NAMESPACE_END

#endif  // OCTET_KERNELS_KERNEL_HPP_
