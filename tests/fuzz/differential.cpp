// Differential target: graphs made up from the operator list are written, read back, planned and
// run with random and extreme inputs on every target of this CPU, with one and three threads, from
// memory and from a mapped file. Whatever plans must equal the reference bit for bit, run after
// run.
//
// With libFuzzer its bytes choose; alone: differential [SECONDS [FIRST_SEED]].
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "generated.hpp"
#include "octet/import/octet_file.hpp"
#include "run.hpp"

namespace octet_fuzz {
namespace {

using outputs = std::vector<std::vector<std::byte>>;

/// Two runs on the same sets of inputs: states go on from the first.
outputs run(const octet::plan& p, const std::vector<outputs>& inputs) {
  auto s = octet::try_session(p);
  if (!s) {
    std::fprintf(stderr, "no session: %s\n", s.error().message().c_str());
    std::abort();
  }
  outputs all;
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
/// Bit for bit; of NaN every one is as good as another.
bool same(const std::vector<std::byte>& a, const std::vector<std::byte>& b, octet::dtype type) {
  if (a == b) return true;
  if (type != octet::dtype::f32 || a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); i += 4) {
    float x, y;
    std::memcpy(&x, &a[i], 4);
    std::memcpy(&y, &b[i], 4);
    if (std::memcmp(&a[i], &b[i], 4) != 0 && (x == x || y == y)) return false;
  }
  return true;
}
[[noreturn]] void differs(const octet::graph& g, const char* what, octet::target t,
                          unsigned threads) {
  std::fprintf(stderr, "%s on %s, %u threads:\n%s\n", what, std::string(octet::name_of(t)).c_str(),
               threads, octet::to_string(g).c_str());
  std::abort();
}

struct counts {
  std::size_t made = 0, planned = 0;
};

void one(choices& c, counts& n) {
  ++n.made;
  octet::graph made = graph_generator(c).make();
  const std::string file = octet::import::write_octet(made);
  octet::import::octet_options o;
  o.max = small_limits();
  octet::result<octet::graph> g = octet::error_info{};
  if (c.one_in(50)) {
    const char* folder = std::getenv("TMPDIR");
    std::string path = std::string(folder ? folder : "/tmp") + "/octet-differential-XXXXXX";
    const int fd = ::mkstemp(path.data());
    if (fd < 0 || ::write(fd, file.data(), file.size()) != static_cast<ssize_t>(file.size()))
      std::abort();
    ::close(fd);
    g = octet::import::try_octet(path, o);
    ::unlink(path.c_str());  // the mapping stays
  } else {
    g = octet::import::try_octet(std::as_bytes(std::span(file)), "generated", o);
  }
  if (!g) return;
  std::size_t steps = 0;
  for (const octet::node& node : g->nodes)
    steps = octet::saturating_add(steps, octet::steps_of(*g, node));
  if (steps > 500000) return;
  octet::plan_options with;
  with.max = o.max;
  with.on = octet::target::reference;
  const auto reference = octet::try_compile(*g, with);
  if (!reference) {
    if (reference.error().what.empty()) differs(*g, "an empty error", with.on, 1);
    return;
  }
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
      for (std::size_t i = 0; i < want.size(); ++i)
        if (!same(got[i], want[i], (*g)[g->outputs[i % g->outputs.size()]].type))
          differs(*g, "other bits", t, threads);
    }
}

}  // namespace
}  // namespace octet_fuzz

#if defined(OCTET_LIBFUZZER)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  octet_fuzz::choices c(1, {data, size});
  octet_fuzz::counts n;
  octet_fuzz::one(c, n);
  return 0;
}
#else
int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 20;
  std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const auto start = std::chrono::steady_clock::now();
  octet_fuzz::counts n;
  for (; std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < seconds;
       ++seed) {
    if (std::getenv("OCTET_FUZZ_SEEDS") != nullptr)
      std::fprintf(stderr, "seed %zu\n", static_cast<std::size_t>(seed));
    octet_fuzz::choices c(seed);
    octet_fuzz::one(c, n);
  }
  std::printf("%zu graphs, %zu planned and equal on every target\n", n.made, n.planned);
  return n.planned * 20 > n.made ? 0 : 1;  // a generator whose graphs never plan tests nothing
}
#endif
