// A network quantized and saved by PyTorch, deployed without Python: load, print the IR, compile,
// run, compare with PyTorch's own result, time. usage: deploy_prequantized MODEL.pt INPUT.npy
// LABELS.txt PYTORCH_OUTPUT.npy
#include <algorithm>
#include <chrono>
#include <cstring>
#include <iostream>

#include "labels.hpp"
#include "npy.hpp"
#include "octet/graph/print.hpp"
#include "octet/import/torch.hpp"
#include "octet/octet.hpp"

int main(int argc, char** argv) try {
  if (argc != 5)
    return std::cerr
               << "usage: deploy_prequantized MODEL.pt INPUT.npy LABELS.txt PYTORCH_OUTPUT.npy\n",
           2;
  const auto pixels = octet::value_or_throw(octet::tools::read_npy(argv[2]));  // float32, NCHW
  const auto labels = octet::value_or_throw(octet::tools::read_labels(argv[3]));
  const auto expected = octet::value_or_throw(octet::tools::read_npy(argv[4]));

  const octet::graph graph =
      octet::import::torch(argv[1], {.shapes = {{"", pixels.shape}}});  // law pytorch_fbgemm
  std::cout << graph;
  const octet::plan plan = octet::compile(graph, {.threads = 2});  // fuses, packs, places
  octet::session session(plan);
  session.input(0).assign(pixels.view());
  session.run();

  const auto scores = session.output(0).as<float>();
  const auto wanted = expected.view().as<float>();
  const auto best = std::max_element(scores.begin(), scores.end()) - scores.begin();
  std::cout << "label: " << labels.at(static_cast<std::size_t>(best)) << "\n";
  std::size_t same = 0;
  for (std::size_t i = 0; i < scores.size() && i < wanted.size(); ++i)
    same += std::memcmp(&scores[i], &wanted[i], sizeof(float)) == 0;
  std::cout << "identical: " << same << " of " << scores.size() << " raw outputs\n";

  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) session.run();
  const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - start;
  std::cout << "mean of 100 runs: " << spent.count() / 100 << " ms on " << name_of(plan.on())
            << "\n";
  return same == scores.size() && same == wanted.size() ? 0 : 1;
} catch (const octet::error& e) {
  return std::cerr << e.what() << "\n", 3;
}
