// The same for programs built with -fno-exceptions -fno-rtti: everything that can fail returns a
// result.
#include <cstdio>
#include <octet/import/tflite.hpp>
#include <octet/octet.hpp>

int main(int argc, char** argv) {
  auto plan = [&]() -> octet::result<octet::plan> {
    auto graph = octet::import::try_tflite(argc > 1 ? argv[1] : "examples/digits/digits.tflite");
    if (!graph) return graph.error();
    return octet::try_compile(std::move(*graph));
  }();
  if (!plan) return std::fprintf(stderr, "%s\n", plan.error().message().c_str()), 1;
  octet::session session(std::move(*plan));
  session.run();
  return session.output().shape().elements().value == 10 ? 0 : 1;
}
