// One plan shared by several application threads, each with a session and workers of its own: same
// bits as one thread alone. ./dev check runs it under ThreadSanitizer.
#include "octet/runtime/threads.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "octet/import/tflite.hpp"
#include "octet/runtime/session.hpp"

namespace {

using bytes = std::vector<std::byte>;

void fill(octet::session& s, std::uint32_t seed) {
  const auto t = s.input();
  for (std::size_t i = 0; i < t.view().size_bytes(); ++i) {
    seed = seed * 1664525u + 1013904223u;
    static_cast<std::byte*>(t.view().data)[i] = static_cast<std::byte>(seed >> 24);
  }
}
bytes output_of(octet::session& s) {
  const auto v = s.output().view();
  const auto* p = static_cast<const std::byte*>(v.data);
  return bytes(p, p + v.size_bytes());
}

}  // namespace

TEST_CASE("sessions of one plan run side by side, each with several workers", "[threads]") {
  const auto g =
      octet::import::try_tflite(std::string(OCTET_SOURCE_DIR) + "/examples/digits/digits.tflite");
  REQUIRE(g);
  constexpr unsigned inputs = 4, sessions = 3, rounds = 25;
  std::vector<bytes> expected;
  {
    const auto alone = octet::try_compile(*g);
    REQUIRE(alone);
    octet::session s(*alone);
    for (unsigned i = 0; i < inputs; ++i) {
      fill(s, i);
      s.run();
      expected.push_back(output_of(s));
    }
    REQUIRE(expected[0] != expected[1]);  // else the comparison below could not fail
  }
  octet::plan_options o;
  o.threads = 3;
  const auto shared = octet::try_compile(*g, o);
  REQUIRE(shared);
  std::vector<unsigned> wrong(sessions, 0);
  std::vector<std::thread> applications;
  for (unsigned a = 0; a < sessions; ++a)
    applications.emplace_back([&, a] {
      octet::session s(*shared);
      for (unsigned r = 0; r < rounds; ++r) {
        const unsigned i = (r + a) % inputs;
        fill(s, i);
        s.run();
        if (output_of(s) != expected[i]) ++wrong[a];
      }
    });
  for (auto& t : applications) t.join();
  CHECK(wrong == std::vector<unsigned>(sessions, 0));
}

TEST_CASE("sessions of one plan are made, moved and destroyed while others run", "[threads]") {
  const auto g =
      octet::import::try_tflite(std::string(OCTET_SOURCE_DIR) + "/examples/digits/digits.tflite");
  REQUIRE(g);
  octet::plan_options o;
  o.threads = 2;
  auto shared = octet::try_compile(*g, o);
  REQUIRE(shared);
  octet::session first(*shared);
  fill(first, 1);
  first.run();
  const bytes expected = output_of(first);
  constexpr unsigned applications = 4, rounds = 12;
  std::vector<unsigned> wrong(applications, 0);
  std::vector<std::thread> threads;
  for (unsigned a = 0; a < applications; ++a)
    threads.emplace_back([&wrong, a, &expected, plan = *shared] {
      for (unsigned r = 0; r < rounds; ++r) {
        auto made = octet::try_session(plan);
        octet::session s;
        if (made) s = std::move(*made);
        fill(s, 1);
        s.run();
        octet::session moved(std::move(s));
        fill(moved, 1);  // the arena has used the input's memory
        moved.run();
        if (output_of(moved) != expected || s.inputs() != 0) ++wrong[a];  // NOLINT
      }
    });
  *shared = octet::plan();  // the others keep it alive
  for (auto& t : threads) t.join();
  CHECK(wrong == std::vector<unsigned>(applications, 0));
}

TEST_CASE("a pool runs every part once, job after job, and ends while its workers sleep",
          "[threads]") {
  octet::thread_pool pool(4);
  struct job_state {
    std::array<unsigned, 4> done{};
  } state;
  for (int i = 0; i < 200; ++i) {
    pool.run([](void* to, unsigned part) { ++static_cast<job_state*>(to)->done[part]; }, &state);
    if (i == 100)
      std::this_thread::sleep_for(
          std::chrono::milliseconds(20));  // long enough for the workers to stop spinning
  }
  CHECK(state.done == std::array<unsigned, 4>{200, 200, 200, 200});
}
