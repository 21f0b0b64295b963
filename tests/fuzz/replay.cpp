// Runs the fuzz targets without a fuzzer: every file of a corpus folder through the target that the
// folder is named after, and with SECONDS given also damaged copies of them. A crash, a hang or a
// sanitizer's report is the failure.
//
//   replay CORPUS [SECONDS [FIRST_SEED]]
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

extern "C" {
int fuzz_tflite(const std::uint8_t*, std::size_t);
int fuzz_octet_file(const std::uint8_t*, std::size_t);
int fuzz_mxnet(const std::uint8_t*, std::size_t);
int fuzz_onnx(const std::uint8_t*, std::size_t);
int fuzz_torch(const std::uint8_t*, std::size_t);
int fuzz_torch_code(const std::uint8_t*, std::size_t);
int fuzz_torch_pickle(const std::uint8_t*, std::size_t);
}

namespace {

using target = int (*)(const std::uint8_t*, std::size_t);
using bytes = std::vector<std::uint8_t>;

const std::map<std::string, target>& targets() {
  static const std::map<std::string, target> all = {{"tflite", &fuzz_tflite},
                                                    {"octet_file", &fuzz_octet_file},
                                                    {"mxnet", &fuzz_mxnet},
                                                    {"onnx", &fuzz_onnx},
                                                    {"torch", &fuzz_torch},
                                                    {"torch_code", &fuzz_torch_code},
                                                    {"torch_pickle", &fuzz_torch_pickle}};
  return all;
}

std::uint64_t state = 1;
std::uint32_t random_word() {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return static_cast<std::uint32_t>(state >> 20);
}
std::size_t below(std::size_t n) { return n == 0 ? 0 : random_word() % n; }

/// One change that keeps what surrounds it: a word of the file, a piece of this or another file in
/// place of a piece, a number in its text.
void damage(bytes& b, const bytes& other) {
  static constexpr std::uint32_t odd[] = {0,          1,          2,       0x7fffffff,
                                          0x80000000, 0xffffffff, 0x10000, 255};
  static constexpr const char* words[] = {
      "9223372036854775807", "-1",    "0", "4294967297", "x", "self", "None", "[1, 1]", "()",
      "torch.add(x, x)",     "100000"};
  if (b.empty()) return;
  const std::size_t at = below(b.size());
  switch (below(6)) {
    case 0: b[at] ^= static_cast<std::uint8_t>(1u << below(8)); return;
    case 1: b[at] = static_cast<std::uint8_t>(random_word()); return;
    case 2: {  // an aligned word
      const std::size_t from = at / 4 * 4;
      const std::uint32_t w =
          below(2) ? odd[below(std::size(odd))] : static_cast<std::uint32_t>(below(64));
      if (from + 4 <= b.size()) std::memcpy(&b[from], &w, 4);
      return;
    }
    case 3: {  // a piece moves
      const std::size_t n = std::min(b.size() - at, 1 + below(16)), from = below(b.size() - n + 1);
      std::memmove(&b[at], &b[from], n);
      return;
    }
    case 4: {  // a piece of another file
      if (other.empty()) return;
      const std::size_t n = std::min({b.size() - at, other.size(), 1 + below(32)});
      std::memcpy(&b[at], &other[below(other.size() - n + 1)], n);
      return;
    }
    default: {  // text
      const std::string w = words[below(std::size(words))];
      for (std::size_t i = 0; i < w.size() && at + i < b.size(); ++i)
        b[at + i] = static_cast<std::uint8_t>(w[i]);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const double seconds = argc > 2 ? std::atof(argv[2]) : 0;
  const std::uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  std::size_t files = 0;
  for (const auto& [name, run] : targets()) {
    std::vector<std::filesystem::path> paths;
    if (std::filesystem::is_directory(argv[1] / std::filesystem::path(name)))
      for (const auto& f :
           std::filesystem::directory_iterator(argv[1] / std::filesystem::path(name)))
        paths.push_back(f.path());
    std::sort(paths.begin(), paths.end());
    std::vector<bytes> corpus;
    for (const auto& p : paths) {
      std::ifstream f(p, std::ios::binary);
      corpus.emplace_back(std::istreambuf_iterator<char>(f), std::istreambuf_iterator<char>());
      std::fprintf(stderr, "%s\n", p.string().c_str());
      run(corpus.back().data(), corpus.back().size());
      ++files;
    }
    if (corpus.empty() || seconds <= 0) continue;
    const auto start = std::chrono::steady_clock::now();
    std::size_t runs = 0;
    const auto each = seconds / static_cast<double>(targets().size());
    for (std::uint64_t s = seed;
         std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() < each;
         ++s, ++runs) {
      state = s * 0x9E3779B97F4A7C15u + 1;
      random_word();
      bytes b = corpus[below(corpus.size())];
      for (std::size_t k = 1 + below(6); k > 0; --k) damage(b, corpus[below(corpus.size())]);
      // What is at work when it crashes can be made again from this.
      if (std::getenv("OCTET_FUZZ_KEEP") != nullptr) {
        std::ofstream f(std::getenv("OCTET_FUZZ_KEEP"), std::ios::binary);
        f.write(reinterpret_cast<const char*>(b.data()), static_cast<std::streamsize>(b.size()));
      }
      run(b.data(), b.size());
    }
    std::printf("%s: %zu files, %zu damaged copies\n", name.c_str(), corpus.size(), runs);
  }
  std::printf("%zu files replayed\n", files);
  return files != 0 ? 0 : 1;
}
