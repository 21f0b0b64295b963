// Sentences as vectors: token ids in, one vector of length 1 out, and how alike two sentences are.
// The network is compiled once; sentences of any length run on the same packed weights.
#include <cmath>
#include <cstdio>
#include <vector>

#include "octet/import/onnx.hpp"
#include "octet/octet.hpp"

namespace {

using vector = std::vector<float>;

/// Runs an encoder whose one input is int64 token ids [1, length] and whose output has a row for
/// each token, float32 [1, length, width].
class embedder {
 public:
  explicit embedder(const octet::plan& encoder) : session_(encoder) {}

  vector operator()(const std::vector<std::int64_t>& tokens) {
    const octet::dims shape{1, static_cast<std::int32_t>(tokens.size())};
    session_.resize({{"input_ids", shape}});  // the last lengths are kept: no work for these
    session_.input().assign(tokens);
    session_.run();
    const auto rows = session_.output().as<float>();
    vector mean(rows.size() / tokens.size());
    for (std::size_t i = 0; i < rows.size(); ++i) mean[i % mean.size()] += rows[i];
    return normalized(std::move(mean));
  }

 private:
  static vector normalized(vector v) {
    float squares = 0;
    for (const float x : v) squares += x * x;
    for (float& x : v) x /= std::sqrt(squares);
    return v;
  }
  octet::session session_;
};

float cosine(const vector& a, const vector& b) {
  float sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    octet::import::onnx_options options;
    options.shapes = {{"input_ids", {1, 8}}};  // the file leaves the length open: any to begin with
    const octet::plan encoder = octet::compile(octet::import::onnx(argv[1], options));
    embedder embed(encoder);
    // From a tokenizer: "the cat sat", "the cat sat down", something else.
    const vector a = embed({101, 7, 19, 42, 102}), b = embed({101, 7, 19, 42, 55, 102}),
                 c = embed({101, 88, 64, 3, 91, 17, 70, 25, 102}),
                 again = embed({101, 7, 19, 42, 102});
    std::printf("a and b %.4f   a and c %.4f   %zu bytes of packed weights for all lengths\n",
                static_cast<double>(cosine(a, b)), static_cast<double>(cosine(a, c)),
                encoder.network_packed_bytes());
    return a == again && cosine(a, b) > cosine(a, c) ? 0 : 1;
  } catch (const octet::error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 3;
  }
}
