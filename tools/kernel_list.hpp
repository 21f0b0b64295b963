// Which kernel runs which operator on which target: asked of the planner's own table, with one
// typical node per operator and element type.
#ifndef OCTET_TOOLS_KERNEL_LIST_HPP_
#define OCTET_TOOLS_KERNEL_LIST_HPP_

#include <string>
#include <vector>

#include "octet/kernels/kernel.hpp"

namespace octet::tools {

struct kernel_row {
  std::string node;  // operator, and the form of it: "qnn.conv2d 3x3"
  dtype type;        // of the operator's first input
  target on;
  std::string kernel;  // "reference" where the target has none
  kernel_id id;  // what the operator asks for; none: octet has no SIMD kernel for it on any target
};

/// Every operator of the list that takes 8-bit tensors in a typical form, on every SIMD target this
/// CPU can run (the reference where it can run none).
std::vector<kernel_row> kernel_rows();

}  // namespace octet::tools

#endif  // OCTET_TOOLS_KERNEL_LIST_HPP_
