// A voice-activity detector on a stream: frames in, a probability for each out. The network's
// memory are inputs and outputs of the file: what it gives with one frame goes in with the next.
// Frames may have any length, the last one of a stream is shorter.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "octet/import/onnx.hpp"
#include "octet/octet.hpp"

namespace {

/// One stream. Inputs of the network: samples float32 [1, count], h and c; outputs: probability,
/// next_h, next_c.
class detector {
 public:
  explicit detector(const octet::plan& network) : session_(network) { reset(); }

  void reset() { h_.clear(), c_.clear(); }
  float operator()(const std::vector<float>& frame) {
    session_.resize({{"samples", {1, static_cast<std::int32_t>(frame.size())}}});
    session_.input("samples").assign(frame);
    put("h", h_), put("c", c_);
    session_.run();
    take("next_h", h_), take("next_c", c_);
    return session_.output("probability").as<float>()[0];
  }

 private:
  void put(const char* name, std::vector<float>& state) {
    const octet::bound_tensor to = session_.input(name);
    if (state.empty()) state.resize(to.as<float>().size());  // a stream begins with zeros
    to.assign(state);
  }
  void take(const char* name, std::vector<float>& state) {
    const auto from = session_.output(name).as<float>();
    state.assign(from.begin(), from.end());
  }
  octet::session session_;
  std::vector<float> h_, c_;
};

std::vector<float> sound(std::size_t begin, std::size_t count, float loudness) {
  std::vector<float> samples;
  for (std::size_t i = begin; i < begin + count; ++i)
    samples.push_back(loudness * std::sin(0.3f * static_cast<float>(i)));
  return samples;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    octet::import::onnx_options options;
    options.shapes = {{"samples", {1, 160}}, {"h", {1, 1, 16}}, {"c", {1, 1, 16}}};
    const octet::plan network = octet::compile(octet::import::onnx(argv[1], options));
    detector stream(network);
    const std::vector<float> quiet = sound(0, 160, 0.01f), loud = sound(160, 160, 1.f),
                             rest = sound(320, 56, 1.f);
    const auto listen = [&] {
      std::vector<float> p;
      for (const auto* frame : {&quiet, &loud, &loud, &rest, &quiet}) p.push_back(stream(*frame));
      for (const float v : p) std::printf("%.3f ", static_cast<double>(v));
      std::printf("\n");
      return p;
    };
    const auto first = listen(), second = listen();  // the second time it remembers the first
    stream.reset();
    return first[1] != first[2] && first != second && listen() == first ? 0 : 1;
  } catch (const octet::error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 3;
  }
}
