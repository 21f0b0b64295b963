// A graph on every target of this CPU, with one and three threads, against the reference: whatever
// plans must equal it bit for bit, run after run.
#ifndef OCTET_TESTS_FUZZ_COMPARE_HPP_
#define OCTET_TESTS_FUZZ_COMPARE_HPP_

#include <cstdio>
#include <cstdlib>

#include "generated.hpp"
#include "octet/bench/same.hpp"
#include "run.hpp"

namespace octet_fuzz {

struct counts {
  std::size_t made = 0, loaded = 0, planned = 0;
};

namespace detail {

using outputs = std::vector<std::vector<std::byte>>;

/// One run for each of the sets of inputs: states go on from the one before. Empty where there is
/// no memory for a session.
inline outputs run(const octet::plan& p, const std::vector<outputs>& inputs) {
  outputs all;
  auto s = octet::try_session(p);
  if (!s) return all;
  for (const outputs& set : inputs) {
    for (std::size_t i = 0; i < s->inputs(); ++i)
      if (!set[i].empty()) std::memcpy(s->input(i).view().data, set[i].data(), set[i].size());
    s->run();
    for (std::size_t i = 0; i < s->outputs(); ++i) {
      const auto v = s->output(i).view();
      const auto* from = static_cast<const std::byte*>(v.data);
      all.emplace_back(from, from + v.size_bytes());
    }
  }
  return all;
}
[[noreturn]] inline void differs(const octet::graph& g, const char* what, octet::target t,
                                 unsigned threads) {
  std::fprintf(stderr, "%s on %s, %u threads:\n%s\n", what, std::string(octet::name_of(t)).c_str(),
               threads, octet::to_string(g).c_str());
  std::abort();
}

}  // namespace detail

/// `g`: what a loader made of a file. Errors name `file`.
inline void compare_targets(choices& c, octet::result<octet::graph> g, const char* file,
                            counts& n) {
  using namespace detail;
  if (!g) return check_message(g.error(), file);
  ++n.loaded;
  std::size_t steps = 0;
  for (const octet::node& node : g->nodes)
    steps = octet::saturating_add(steps, octet::steps_of(*g, node));
  if (steps > 500000) return;
  octet::plan_options with;
  with.max = small_limits();
  with.on = octet::target::reference;
  const auto reference = octet::try_compile(*g, with);
  if (!reference) return check_message(reference.error(), file);
  ++n.planned;
  std::vector<outputs> inputs(2);
  for (outputs& set : inputs)
    for (octet::tensor_id t : g->inputs)
      set.push_back(elements(c, (*g)[t].type, (*g)[t].shape.elements().value));
  const outputs want = run(*reference, inputs);
  for (const octet::target t : octet::usable_targets())
    for (const unsigned threads : {1u, 3u}) {
      with.on = t;
      with.threads = threads;
      const auto p = octet::try_compile(*g, with);
      // Packed weights and the scratch of more threads may exceed the small limits of this program.
      if (!p && p.error().code == octet::errc::too_large) continue;
      if (!p) differs(*g, p.error().message().c_str(), t, threads);
      const outputs got = run(*p, inputs);
      if (got.size() != want.size()) continue;
      for (std::size_t i = 0; i < want.size(); ++i)
        if (!octet::bench::same_elements(got[i], want[i],
                                         (*g)[g->outputs[i % g->outputs.size()]].type))
          differs(*g, "other bits", t, threads);
    }
}

}  // namespace octet_fuzz

#endif  // OCTET_TESTS_FUZZ_COMPARE_HPP_
