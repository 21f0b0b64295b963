// Which kernel runs which operator on which target: asked of the planner's own table, with one
// typical node for each operator and every form that it declares.
#ifndef OCTET_TOOLS_KERNEL_LIST_HPP_
#define OCTET_TOOLS_KERNEL_LIST_HPP_

#include <span>
#include <string>
#include <vector>

#include "octet/kernels/kernel.hpp"
#include "octet/ops/op.hpp"

namespace octet::tools {

struct kernel_row {
  std::string node;  // operator, and which node of it: "qnn.conv2d 3x3"
  dtype type, out;   // of the operator's first input and first output
  target on;
  std::string kernel;     // "reference" where the target has none
  std::string roundings;  // those that this kernel computes: "DR F"
  kernel_id id;  // what the operator declares; none: octet has no SIMD kernel for it on any target
};

/// Every form of every operator of the list whose typical node this file knows, on every SIMD
/// target this CPU can run (the reference where it can run none). Weights have the type of the
/// activations, int8 beside int16.
std::vector<kernel_row> kernel_rows();

/// builtin_operators(), for files that must not compile every operator.
std::span<const op_def* const> operator_list();

}  // namespace octet::tools

#endif  // OCTET_TOOLS_KERNEL_LIST_HPP_
