// Checks that a graph keeps every rule before anything is planned from it.
#ifndef OCTET_GRAPH_VERIFY_HPP_
#define OCTET_GRAPH_VERIFY_HPP_

#include "octet/core/limits.hpp"
#include "octet/graph/graph.hpp"
#include "octet/graph/verify_values.hpp"

OCTET_NAMESPACE_BEGIN

namespace detail {
/// The error with the graph, node and tensor that it names none of.
error_info at(error_info e, const graph& g, const node* n, tensor_id t);
}  // namespace detail

/// The values of a node's attributes.
status verify_attributes(const graph& g, const node& n);

/// Tensors are well formed and within the limits, every value is written once and before it is
/// read, arities and shapes follow the operators' rules.
status verify(const graph& g, const limits& l = {});

OCTET_NAMESPACE_END

#if OCTET_HAS_DEFINITIONS
#include "octet/graph/verify-impl.hpp"
#endif

#endif  // OCTET_GRAPH_VERIFY_HPP_
