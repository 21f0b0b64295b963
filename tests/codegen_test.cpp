// Networks as generated code: the same bits as the same file through the loader, on every target;
// MobileNetV2's arena and scratch.
#include <array>
#include <catch2/catch.hpp>
#include <cstring>

#include "octet/import/tflite.hpp"
#include "octet/octet.hpp"
#include "skip.hpp"
#if defined(OCTET_HAVE_constant_outputs)
#include "constant_outputs.hpp"
#endif
#if defined(OCTET_HAVE_digits)
#include "digits.hpp"
#include "digits_float_io.hpp"
#endif
#if defined(OCTET_HAVE_mobilenet_v2)
#include "mobilenet_v2.hpp"
#endif
#if defined(OCTET_HAVE_person_detect)
#include "person_detect.hpp"
#endif
#if defined(OCTET_HAVE_mnist_lstm)
#include "mnist_lstm.hpp"
#endif
#if defined(OCTET_HAVE_keyword_svdf)
#include "keyword_svdf.hpp"
#endif

namespace {
template <class Net> void same_as_file(const std::string& path) {
  static Net net{typename Net::later{}};
  auto g = octet::import::try_tflite(path);
  if (!g) FAIL(g.error().message());
  for (octet::target on : octet::usable_targets()) {
    INFO("target " << octet::name_of(on));
    if (auto s = net.prepare(on); !s) FAIL(s.error().message());
    octet::plan_options o;
    o.on = on;
    auto p = octet::try_compile(*g, o);
    if (!p) FAIL(p.error().message());
    CHECK(p->activation_bytes() == Net::arena_bytes);
    CHECK(p->data().state_bytes == Net::state_bytes);
    CHECK(p->scratch_bytes() == Net::bytes_on(on).scratch);
    CHECK(p->weight_bytes() == Net::bytes_on(on).storage);
    octet::session s(*p);
    std::uint32_t state = 7;
    const auto in = net.input_view();
    for (int run = 0; run < (Net::state_bytes != 0 ? 4 : 1);
         ++run) {  // networks with state remember the runs before
      for (auto& v : in) {
        state = state * 1664525u + 1013904223u;
        using T = std::remove_reference_t<decltype(v)>;
        v = std::is_floating_point_v<T> ? static_cast<T>(state >> 8) / T(1 << 24)
                                        : static_cast<T>(state >> 24);
      }
      std::memcpy(s.input().view().data, in.data(), in.size_bytes());
      net.run();
      s.run();
      const auto out = net.output_view();
      CHECK(std::memcmp(out.data(), s.output().view().data, out.size_bytes()) == 0);
    }
  }
}
}  // namespace

#if defined(OCTET_HAVE_digits)
namespace {
/// Storage exactly for one target. A network that is made for none has the most that any needs.
template <octet::target On> void made_for() {
  namespace q = octet::typed;
  using net_on = q::compiled<digits::graph, digits::net::arithmetic, q::compile_options{.on = On}>;
  INFO("target " << octet::name_of(On));
  CHECK(net_on::arena_bytes == digits::net::arena_bytes);
  CHECK(net_on::storage_bytes == digits::net::bytes_on(On).storage);
  CHECK(net_on::scratch_bytes == digits::net::bytes_on(On).scratch);
  CHECK(net_on::storage_bytes <= digits::net::storage_bytes);
  static net_on net{typename net_on::later{}};
  if (!octet::can_run(On)) {
    CHECK_FALSE(net.prepare());
    return;
  }
  REQUIRE(net.prepare());
  for (octet::target other : octet::usable_targets())
    CHECK(static_cast<bool>(net.prepare(other)) == (other == On));
  octet::plan_options o;
  o.on = On;
  auto p = octet::try_compile(net_on::lower(), o);
  REQUIRE(p);
  CHECK(p->weight_bytes() == net_on::storage_bytes);
  CHECK(p->scratch_bytes() == net_on::scratch_bytes);
  CHECK(p->activation_bytes() == net_on::arena_bytes);
}
}  // namespace
TEST_CASE("a network made for one target has memory for that one and runs on no other") {
  made_for<octet::target::reference>();
#if defined(__x86_64__)
  made_for<octet::target::sse4>();
  made_for<octet::target::avx2>();
  made_for<octet::target::avx3>();
  made_for<octet::target::avx3_vnni>();
#elif defined(__aarch64__)
  made_for<octet::target::neon>();
  made_for<octet::target::neon_dotprod>();
#endif
}
#endif

TEST_CASE("generated digits equal the file") {
#if defined(OCTET_HAVE_digits)
  same_as_file<digits::net>(OCTET_SOURCE_DIR "/examples/digits/digits.tflite");
  using on_threads = digits::net_with<octet::typed::compile_options{.threads = 3}>;
  same_as_file<on_threads>(OCTET_SOURCE_DIR "/examples/digits/digits.tflite");
  same_as_file<digits_float_io::net>(OCTET_SOURCE_DIR "/examples/digits/digits_float_io.tflite");
#else
  FAIL("examples/digits is a part of the repository");
#endif
}
TEST_CASE("generated code has constants among its results") {
#if defined(OCTET_HAVE_constant_outputs)
  static constant_outputs::net net;
  const std::array<float, 4> x{-1, 2, -3, 4};
  std::array<float, 4> y{};
  std::array<std::int32_t, 6> k{};
  std::array<float, 2> f{};
  net.run(x, y, k, f);
  CHECK(y == std::array<float, 4>{0, 2, 0, 4});
  CHECK(k == std::array<std::int32_t, 6>{1, -2, 3, 4, 5, -6});
  CHECK(f == std::array<float, 2>{0.5f, -1.25f});
#else
  FAIL("the file is a part of the repository");
#endif
}
TEST_CASE("generated MobileNetV2 equals the file, in 1,505,280 bytes of activations") {
#if defined(OCTET_HAVE_mobilenet_v2)
  static_assert(mobilenet_v2::net::arena_bytes <= 1505280);
  static_assert(mobilenet_v2::net::scratch_bytes <= 128 * 1024);
  static_assert(mobilenet_v2::net::bytes_on(octet::target::reference).storage < 512 * 1024);
  same_as_file<mobilenet_v2::net>(OCTET_MODELS
                                  "/tflite/networks/tf2_mobilenet_v2_1.0_224_ptq.tflite");
#else
  octet_test::skip("no shared models");
#endif
}
TEST_CASE("generated person_detect equals the file") {
#if defined(OCTET_HAVE_person_detect)
  same_as_file<person_detect::net>(OCTET_MODELS "/tflite/networks/person_detect.tflite");
#else
  octet_test::skip("no shared models");
#endif
}
TEST_CASE("generated recurrent networks equal the files, run after run") {
#if defined(OCTET_HAVE_mnist_lstm) && defined(OCTET_HAVE_keyword_svdf)
  static_assert(mnist_lstm::net::state_bytes != 0 && keyword_svdf::net::state_bytes != 0);
  same_as_file<mnist_lstm::net>(OCTET_MODELS "/tflite/networks/mnist_lstm_int8.tflite");
  same_as_file<keyword_svdf::net>(OCTET_MODELS "/tflite/networks/keyword_scrambled_svdf.tflite");
#else
  octet_test::skip("no shared models");
#endif
}
