// Runs the cases of one operator on every target, through planner and session.
#ifndef OCTET_TESTS_CASES_RUN_HPP_
#define OCTET_TESTS_CASES_RUN_HPP_

#include "cases/node_case.hpp"

namespace octet_test {

/// Catch2 checks: every form of the operator has a case, every optional operand is absent in one
/// and given in another, extents of 0 occur; every case runs on every usable target with one to
/// three threads and gives the bits of the reference, the values it expects, and those of
/// `equal_to`.
void check_operator(const operator_cases& o);

/// The case as a graph of one node, elements filled in.
octet::graph graph_of(const octet::op_def& op, const node_case& n);

}  // namespace octet_test

#endif  // OCTET_TESTS_CASES_RUN_HPP_
