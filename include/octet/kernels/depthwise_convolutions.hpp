// The kernels of qnn.depthwise_conv2d and qnn.conv2d, for a file that wants no others.
#ifndef OCTET_KERNELS_DEPTHWISE_CONVOLUTIONS_HPP_
#define OCTET_KERNELS_DEPTHWISE_CONVOLUTIONS_HPP_

#include "octet/core/config.hpp"
#include "octet/kernels/gemm_rows.hpp"

#define OCTET_WANTS_DEPTHWISE
#if OCTET_HAS_KERNELS
#include "octet/kernels/depthwise_rows.hpp"
#include "octet/ops/conv2d.hpp"
#endif
#include "octet/kernels/target.hpp"
#if OCTET_HAS_KERNELS && !defined(OCTET_HAS_DEPTHWISE)
#include "octet/kernels/passes.hpp"
#endif

#endif  // OCTET_KERNELS_DEPTHWISE_CONVOLUTIONS_HPP_
