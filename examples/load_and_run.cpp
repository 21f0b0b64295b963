// A model loaded at run time.
#include <cstdio>
#include <iostream>

#include "octet/import/tflite.hpp"
#include "octet/octet.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    const octet::graph graph = octet::import::tflite(argv[1]);
    std::cout << graph;
    const octet::plan plan = octet::compile(graph);  // immutable, shared by all threads
    octet::session session(plan);                    // arena and state: one per thread
    for (std::int8_t& v : session.input().as<std::int8_t>()) v = -128;
    session.run();
    for (std::int8_t v : session.output().as<std::int8_t>()) std::printf("%d ", v);
    std::printf("\narena %zu bytes\n", plan.arena_bytes());
  } catch (const octet::error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 3;
  }
  return 0;
}
