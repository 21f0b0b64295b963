// Kernels of quantized convolutions and products of matrices, for a file that wants no others.
#ifndef OCTET_KERNELS_CONVOLUTIONS_HPP_
#define OCTET_KERNELS_CONVOLUTIONS_HPP_

#include "octet/core/config.hpp"

#define OCTET_WANTS_CONVOLUTIONS
#if OCTET_HAS_KERNELS
#include "octet/kernels/depthwise.hpp"
#include "octet/kernels/gemm.hpp"
#include "octet/ops/batch_matmul.hpp"
#include "octet/ops/conv2d.hpp"
#include "octet/ops/fully_connected.hpp"
#include "octet/ops/transpose_conv2d.hpp"
#endif
#include "octet/kernels/target.hpp"
#if OCTET_HAS_KERNELS && !defined(OCTET_HAS_CONVOLUTIONS)
#include "octet/kernels/passes.hpp"
#endif

#endif  // OCTET_KERNELS_CONVOLUTIONS_HPP_
