// Kernels of sums, for a file that wants no others.
#ifndef OCTET_KERNELS_SUMS_HPP_
#define OCTET_KERNELS_SUMS_HPP_

#include "octet/core/config.hpp"
#include "octet/kernels/binary_walk.hpp"

#define OCTET_WANTS_SUMS
#if OCTET_HAS_KERNELS
#include "octet/ops/add.hpp"
#endif
#include "octet/kernels/target.hpp"
#if OCTET_HAS_KERNELS && !defined(OCTET_HAS_SUMS)
#include "octet/kernels/passes.hpp"
#endif

#endif  // OCTET_KERNELS_SUMS_HPP_
