// Differential target: files made up field by field (graphs of .octet from the operator list,
// TensorFlow Lite, ONNX, TorchScript programs, MXNet) are loaded, planned and run with random and
// extreme inputs on every target of this CPU, with one and three threads. Whatever plans must equal
// the reference bit for bit, run after run.
//
// With libFuzzer its bytes choose; alone: differential [SECONDS [FIRST_SEED [FORMAT]]]. With
// OCTET_FUZZ_SEEDS in the environment the seeds are printed, with OCTET_FUZZ_KEEP=FILE what is at
// work is written there first.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "compare.hpp"
#include "generated_mxnet.hpp"
#include "generated_onnx.hpp"
#include "generated_tflite.hpp"
#include "generated_torch.hpp"
#include "octet/import/mxnet.hpp"
#include "octet/import/octet_file.hpp"
#include "octet/import/onnx.hpp"
#include "octet/import/tflite.hpp"
#include "octet/import/torch.hpp"

namespace octet_fuzz {
namespace {

void keep(std::span<const std::byte> bytes) {
  if (std::getenv("OCTET_FUZZ_KEEP") == nullptr) return;
  std::ofstream f(std::getenv("OCTET_FUZZ_KEEP"), std::ios::binary);
  f.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}
/// Every law and those that are none of the format's.
template <std::size_t N> octet::law one_of(choices& c, const octet::law (&laws)[N]) {
  return c.one_in(40) ? c.of(octet::enumerators<octet::law>) : c.of(laws);
}

void octet_file(choices& c, counts& n) {
  octet::graph made = graph_generator(c).make();
  const std::string file = octet::import::write_octet(made);
  keep(std::as_bytes(std::span(file)));
  octet::import::octet_options o;
  o.max = small_limits();
  if (!c.one_in(50))
    return compare_targets(c,
                           octet::import::try_octet(std::as_bytes(std::span(file)), "generated", o),
                           "generated", n);
  const char* folder = std::getenv("TMPDIR");  // one in 50 from a mapped file
  std::string path = std::string(folder ? folder : "/tmp") + "/octet-differential-XXXXXX";
  const int fd = ::mkstemp(path.data());
  if (fd < 0 || ::write(fd, file.data(), file.size()) != static_cast<ssize_t>(file.size()))
    std::abort();
  ::close(fd);
  auto g = octet::import::try_octet(path, o);
  ::unlink(path.c_str());  // the mapping stays
  if (g) g->name = path;   // the file keeps the name of what it was made from
  compare_targets(c, std::move(g), path.c_str(), n);
}
void tflite_file(choices& c, counts& n) {
  const auto file = tflite_generator(c).make();
  keep(file);
  octet::import::tflite_options o;
  o.max = small_limits();
  static constexpr octet::law laws[] = {octet::law::tflite_ref, octet::law::tflite_xnnpack};
  o.arithmetic = one_of(c, laws);
  compare_targets(c, octet::import::try_tflite(file, "generated.tflite", o), "generated.tflite", n);
}
void onnx_file(choices& c, counts& n) {
  const std::string file = onnx_generator(c).make();
  keep(std::as_bytes(std::span(file)));
  octet::import::onnx_options o;
  o.max = small_limits();
  compare_targets(c, octet::import::try_onnx(std::as_bytes(std::span(file)), "generated.onnx", o),
                  "generated.onnx", n);
}
void torch_file(choices& c, counts& n) {
  const torch_generator::program made = torch_generator(c).make();
  keep(std::as_bytes(std::span(made.file)));
  octet::import::torch_options o;
  o.max = small_limits();
  o.shapes = made.shapes;
  static constexpr octet::law laws[] = {octet::law::pytorch_fbgemm, octet::law::pytorch_qnnpack};
  o.arithmetic = one_of(c, laws);
  compare_targets(c,
                  octet::import::try_torch(std::as_bytes(std::span(made.file)), "generated.pt", o),
                  "generated.pt", n);
}
void mxnet_file(choices& c, counts& n) {
  const mxnet_generator::files made = mxnet_generator(c).make();
  const std::string both = made.symbol + '\0' + made.params;  // as fuzz_mxnet takes them
  keep(std::as_bytes(std::span(both)));
  octet::import::mxnet_options o;
  o.max = small_limits();
  o.shapes = made.shapes;
  compare_targets(
      c,
      octet::import::try_mxnet(std::as_bytes(std::span(made.symbol)),
                               std::as_bytes(std::span(made.params)), "generated-symbol.json", o),
      "generated-symbol.json", n);
}

struct format {
  const char* name;
  void (*run)(choices&, counts&);
};
constexpr format formats[] = {{"octet", &octet_file},
                              {"tflite", &tflite_file},
                              {"onnx", &onnx_file},
                              {"torch", &torch_file},
                              {"mxnet", &mxnet_file}};

}  // namespace
}  // namespace octet_fuzz

#if defined(OCTET_LIBFUZZER)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  octet_fuzz::choices c(1, {data, size});
  octet_fuzz::counts n;
  c.of(octet_fuzz::formats).run(c, n);
  return 0;
}
#else
int main(int argc, char** argv) {
  using clock = std::chrono::steady_clock;
  const double seconds = argc > 1 ? std::atof(argv[1]) : 20;
  const std::uint64_t first = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const char* only = argc > 3 ? argv[3] : nullptr;
  bool right = true;
  for (const auto& f : octet_fuzz::formats) {
    if (only && std::strcmp(only, f.name) != 0) continue;
    const double each =
        only ? seconds : seconds / static_cast<double>(std::size(octet_fuzz::formats));
    octet_fuzz::counts n;
    const auto start = clock::now();
    for (std::uint64_t seed = first;
         std::chrono::duration<double>(clock::now() - start).count() < each; ++seed) {
      if (std::getenv("OCTET_FUZZ_SEEDS") != nullptr)
        std::fprintf(stderr, "%s seed %zu\n", f.name, static_cast<std::size_t>(seed));
      octet_fuzz::choices c(seed);
      ++n.made;
      f.run(c, n);
    }
    std::printf("%s: %zu made, %zu loaded, %zu planned and equal on every target\n", f.name, n.made,
                n.loaded, n.planned);
    right &= n.planned * 20 > n.made;  // a generator whose graphs never plan tests nothing
  }
  return right ? 0 : 1;
}
#endif
