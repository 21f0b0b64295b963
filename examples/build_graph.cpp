// A network whose layers are known only when the program runs: sizes, weights and scales lie in
// vectors. The operators and options are those of networks in code; mistakes come as errors.
#include <cstdio>
#include <vector>

#include "octet/octet.hpp"

namespace q = octet::typed;
namespace {

struct layer {
  std::vector<std::int8_t> weights;  // [units, inputs]
  std::vector<float> scales;         // one per unit
  std::vector<std::int32_t> bias;
  float out_scale;
};

octet::result<octet::graph> network(std::int32_t features, const std::vector<layer>& layers) {
  octet::graph_builder b("perceptron", octet::law::tflite_ref);
  auto x = b.input("features", q::s8, {1, features}, {0.02f, 0});
  for (const layer& l : layers)
    x = x | q::dense({.units = static_cast<std::int32_t>(l.bias.size()), .activation = q::relu},
                     q::per_channel(l.weights, l.scales), l.bias, {l.out_scale, -128});
  return b.finish(x | q::softmax() | q::dequantize() | q::named("scores"));
}
layer made_up(std::size_t units, std::size_t inputs) {
  layer l{std::vector<std::int8_t>(units * inputs), std::vector<float>(units, 0.01f),
          std::vector<std::int32_t>(units, 100), 0.05f};
  for (std::size_t i = 0; i < l.weights.size(); ++i)
    l.weights[i] = static_cast<std::int8_t>(static_cast<int>(i * 29 % 127) - 60);
  return l;
}

}  // namespace

int main() {
  std::vector<layer> layers{made_up(16, 32), made_up(16, 16), made_up(4, 16)};
  const auto graph = network(32, layers);
  if (!graph) return std::fprintf(stderr, "%s\n", graph.error().message().c_str()), 1;
  std::fputs(octet::to_string(*graph).c_str(), stdout);
  auto plan = octet::try_compile(*graph);
  if (!plan) return std::fprintf(stderr, "%s\n", plan.error().message().c_str()), 1;
  octet::session session(std::move(*plan));
  session.input().assign(std::span<const std::int8_t>(std::vector<std::int8_t>(32, 50)));
  session.run();
  for (const float s : session.output().as<float>()) std::printf("%.3f ", static_cast<double>(s));
  std::puts("");
  layers[1].weights.pop_back();
  const auto broken = network(32, layers);
  if (broken) return 1;
  std::puts(broken.error().message().c_str());
  return 0;
}
