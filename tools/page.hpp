// A model on one page of HTML that needs nothing else: figures, time by operator, arena by step,
// the graph, a table of the steps.
#ifndef OCTET_TOOLS_PAGE_HPP_
#define OCTET_TOOLS_PAGE_HPP_

#include "picture.hpp"

namespace octet::tools {

/// `f` planned and profiled.
std::string page(const std::string& title, const planned_facts& f, unsigned threads,
                 std::size_t weight_bytes);

}  // namespace octet::tools

#endif  // OCTET_TOOLS_PAGE_HPP_
