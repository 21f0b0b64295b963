// Kernels of sums, products, requantization and tables, for a file that wants no others.
#ifndef OCTET_KERNELS_ELEMENTWISE_HPP_
#define OCTET_KERNELS_ELEMENTWISE_HPP_

#include "octet/core/config.hpp"

#define OCTET_WANTS_ELEMENTWISE
#if OCTET_HAS_KERNELS
#include "octet/ops/add.hpp"
#include "octet/ops/dequantize.hpp"
#include "octet/ops/lut.hpp"
#include "octet/ops/mul.hpp"
#include "octet/ops/quantize.hpp"
#include "octet/ops/requantize.hpp"
#endif
#include "octet/kernels/target.hpp"
#if OCTET_HAS_KERNELS && !defined(OCTET_HAS_ELEMENTWISE)
#include "octet/kernels/passes.hpp"
#endif

#endif  // OCTET_KERNELS_ELEMENTWISE_HPP_
