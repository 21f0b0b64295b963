// What the fuzz targets of whole loaders do with a graph: plan it and, where that is little work,
// run it.
#ifndef OCTET_TESTS_FUZZ_RUN_HPP_
#define OCTET_TESTS_FUZZ_RUN_HPP_

#include <cstdio>
#include <cstdlib>

#include "octet/octet.hpp"

namespace octet_fuzz {

inline octet::limits small_limits() {
  octet::limits l;
  l.tensor_bytes = l.constant_bytes = l.arena_bytes = std::size_t{1} << 24;
  l.nodes = 4096;
  l.work = std::size_t{1} << 20;
  return l;
}

/// A message must say what is wrong, and name the file.
inline void check_message(const octet::error_info& e, const char* file) {
  if (e.what.empty() || e.message().find(file) == std::string::npos) {
    std::fprintf(stderr, "message without its file: %s\n", e.message().c_str());
    std::abort();
  }
}

inline void plan_and_run(octet::result<octet::graph> g, const char* file) {
  if (!g) return check_message(g.error(), file);
  octet::plan_options o;
  o.max = small_limits();
  auto p = octet::try_compile(std::move(*g), o);
  if (!p) return check_message(p.error(), file);
  // A damaged stride or extent may make a run long, which is no error: those are not run.
  double work = 0;
  const octet::graph& s = p->source();
  for (const octet::node& n : s.nodes) {
    double out = 1, in = 1;
    for (octet::tensor_id t : n.out) out += static_cast<double>(s[t].shape.elements().value);
    for (octet::tensor_id t : n.in)
      if (t >= 0) in += static_cast<double>(s[t].shape.elements().value);
    work += out * in;
  }
  if (work > 2e7) return;
  octet::session session(*p);
  session.run();
  session.run();  // state that the first run left
}

}  // namespace octet_fuzz

#endif  // OCTET_TESTS_FUZZ_RUN_HPP_
