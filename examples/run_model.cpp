// Loads a quantized network as TensorFlow Lite saved it, prints its IR, runs it on one input.
#include <iostream>
#include <octet/import/tflite.hpp>
#include <octet/octet.hpp>

int main(int argc, char** argv) try {
  octet::graph graph = octet::import::tflite(argc > 1 ? argv[1] : "examples/digits/digits.tflite");
  std::cout << graph;  // qnn.conv2d(...), qnn.requantize(...), ...

  octet::plan plan = octet::compile(
      graph, {.threads = 1});    // fuses, packs, places every tensor; immutable, shared
  octet::session session(plan);  // arena and state; one per application thread
  std::vector<std::int8_t> image(session.input().shape().elements().value, -128);
  session.input().assign(image);  // checked: element type and count
  session.run();                  // noexcept; no allocation, no lock, no system call

  for (std::int8_t q : session.output().as<std::int8_t>()) {
    std::cout << session.output().scale().value * (q - session.output().zero_point().value) << '\n';
  }
  std::cout << octet::name_of(plan.on()) << ", arena of " << plan.arena_bytes() << " bytes\n";
} catch (const octet::error& e) {
  std::cerr << e.what() << '\n';  // file, node, tensor, what was found, what is supported
  return 1;
}
