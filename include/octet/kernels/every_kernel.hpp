// All kernels; with OCTET_FEW_KERNELS those that other headers of the file want, and no more.
#ifndef OCTET_KERNELS_EVERY_KERNEL_HPP_
#define OCTET_KERNELS_EVERY_KERNEL_HPP_

#include "octet/core/config.hpp"
#include "octet/kernels/binary_walk.hpp"
#include "octet/kernels/depthwise_rows.hpp"
#include "octet/kernels/gemm_rows.hpp"

#if !defined(OCTET_FEW_KERNELS)
#define OCTET_WANTS_EVERY_KERNEL
#endif
#if OCTET_HAS_KERNELS
#include "octet/kernels/depthwise.hpp"
#include "octet/kernels/float_gemm.hpp"
#include "octet/ops/add.hpp"
#include "octet/ops/attention.hpp"
#include "octet/ops/batch_matmul.hpp"
#include "octet/ops/binary.hpp"
#include "octet/ops/conv2d.hpp"
#include "octet/ops/conv3d.hpp"
#include "octet/ops/dequantize.hpp"
#include "octet/ops/dynamic.hpp"
#include "octet/ops/dynamic_layers.hpp"
#include "octet/ops/dynamic_transpose.hpp"
#include "octet/ops/embedding_bag.hpp"
#include "octet/ops/fake_quantize.hpp"
#include "octet/ops/float_layers.hpp"
#include "octet/ops/fully_connected.hpp"
#include "octet/ops/gather.hpp"
#include "octet/ops/grid_sample.hpp"
#include "octet/ops/l2_normalization.hpp"
#include "octet/ops/layer_norm.hpp"
#include "octet/ops/local_response.hpp"
#include "octet/ops/lstm.hpp"
#include "octet/ops/lut.hpp"
#include "octet/ops/movement.hpp"
#include "octet/ops/mul.hpp"
#include "octet/ops/norm.hpp"
#include "octet/ops/pool2d.hpp"
#include "octet/ops/prelu.hpp"
#include "octet/ops/quantize.hpp"
#include "octet/ops/recurrent.hpp"
#include "octet/ops/reduce.hpp"
#include "octet/ops/requantize.hpp"
#include "octet/ops/requantize_add.hpp"
#include "octet/ops/resample.hpp"
#include "octet/ops/resize.hpp"
#include "octet/ops/softmax.hpp"
#include "octet/ops/svdf.hpp"
#include "octet/ops/transpose_conv2d.hpp"
#include "octet/ops/unary.hpp"
#include "octet/ops/variance.hpp"
#endif
#include "octet/kernels/target.hpp"
#if OCTET_HAS_KERNELS && defined(OCTET_WANTS_EVERY_KERNEL) && !defined(OCTET_HAS_EVERY_KERNEL)
#include "octet/kernels/passes.hpp"
#endif

#if OCTET_HAS_KERNELS && defined(OCTET_EXTERN)
OCTET_NAMESPACE_BEGIN
namespace kernels {
OCTET_INLINE const kernel_entry* find(kernel_id id, target t) noexcept {
  return find_among<every_kernel>(id, t);
}
}  // namespace kernels
OCTET_NAMESPACE_END
#endif

#endif  // OCTET_KERNELS_EVERY_KERNEL_HPP_
