// One kernel call of a plan.
#ifndef OCTET_PLAN_STEP_HPP_
#define OCTET_PLAN_STEP_HPP_

#include "octet/kernels/kernel.hpp"

OCTET_NAMESPACE_BEGIN

/// One kernel call. Everything in it is fixed at plan time.
struct step {
  kernel_fn run = nullptr;
  kernel_fn before = nullptr;  // kernel_entry::before
  const void* params = nullptr;
  std::int32_t node = 0;  // index into plan_data::source.nodes
  std::uint32_t first_in = 0, inputs = 0, first_out = 0,
                outputs = 0;  // ranges of plan_data::operands
  std::uint32_t parts = 1;
  kernel_id kernel = kernel_id::none;  // none: the reference runs
  const char* kernel_name = "reference";
  std::size_t scratch = 0;  // bytes per part
  std::size_t packed = 0;   // bytes of its constants as the kernel reads them
};

OCTET_NAMESPACE_END

#endif  // OCTET_PLAN_STEP_HPP_
