// A streaming network frame by frame: the frames before are variables of the file, and states of
// the session. reset() begins anew.
#include <cstdio>
#include <vector>

#include "octet/import/tflite.hpp"
#include "octet/octet.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    const octet::plan plan = octet::compile(octet::import::tflite(argv[1]));
    octet::session stream(plan);
    const auto feed = [&stream](std::int8_t value) {
      for (std::int8_t& v : stream.input().as<std::int8_t>()) v = value;
      stream.run();
      const auto y = stream.output().as<std::int8_t>();
      for (const std::int8_t v : y) std::printf("%4d ", v);
      std::printf("\n");
      return std::vector<std::int8_t>(y.begin(), y.end());
    };
    const auto first = feed(100);
    std::vector<std::int8_t> last;
    bool moves = false;
    for (int frame = 0; frame < 8; ++frame) {  // the same frame again: the memory fills with it
      const auto y = feed(100);
      moves |= y != first;
      if (frame == 7 && y != last) return 1;  // nothing is left of what was before
      last = y;
    }
    stream.reset();
    return moves && feed(100) == first ? 0 : 1;
  } catch (const octet::error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 3;
  }
}
