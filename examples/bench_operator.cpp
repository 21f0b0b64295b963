// One operator timed on every target this CPU can run, its weights and scales made up, its bits
// compared with the reference first.
#include <cstdio>

#include "octet/bench/op.hpp"

int main() {
  octet::bench::op_options o{.shapes = {{1, 28, 28, 64}, {64, 3, 3, 64}},
                             .in = {octet::dtype::s8},
                             .arithmetic = octet::law::tflite_ref};
  o.timing = {.on = {octet::usable_targets().begin(), octet::usable_targets().end()},
              .threads = {1, 2},
              .seconds = 0.02};
  const auto measured = octet::bench::op("conv2d", o);
  std::puts((measured ? to_string(*measured) : measured.error().message()).c_str());
  return measured && measured->same() ? 0 : 1;
}
