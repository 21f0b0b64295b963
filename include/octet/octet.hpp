// All of octet that needs no further library (but Highway and Boost.Hana, headers only): graphs,
// passes, planner, executor, kernels, typed graphs. Importers are opt-in headers beside it.
#ifndef OCTET_OCTET_HPP_
#define OCTET_OCTET_HPP_

#include "octet/core/error.hpp"
#include "octet/direct.hpp"
#include "octet/graph/fold.hpp"
#include "octet/graph/graph.hpp"
#include "octet/graph/passes.hpp"
#include "octet/graph/print.hpp"
#include "octet/graph/verify.hpp"
#include "octet/import/octet_file.hpp"
#include "octet/ops/list.hpp"
#include "octet/runtime/plan.hpp"
#include "octet/runtime/session.hpp"
#include "octet/typed/typed.hpp"

#endif  // OCTET_OCTET_HPP_
