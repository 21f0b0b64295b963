// Catch2's implementation and the main function of every test executable.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "skip.hpp"

namespace {
std::size_t assertions = 0;
struct counter : Catch::TestEventListenerBase {
  using TestEventListenerBase::TestEventListenerBase;
  void testRunEnded(const Catch::TestRunStats& s) override {
    assertions = s.totals.assertions.total();
  }
};
CATCH_REGISTER_LISTENER(counter)
}  // namespace

int main(int argc, char** argv) {
  const int failed = Catch::Session().run(argc, argv);
  return failed == 0 && octet_test::skipped > 0 && assertions == 0 ? 77 : failed;
}
