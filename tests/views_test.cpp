// Pipelines over ranges: each gives what the loop written by hand gives, bit for bit, and allocates
// nothing for an element.
#include "octet/views.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <limits>
#include <new>
#include <range/v3/view/drop.hpp>
#include <range/v3/view/take.hpp>
#include <range/v3/view/transform.hpp>
#include <range/v3/view/zip.hpp>
#include <vector>

#include "octet/octet.hpp"

namespace {
std::size_t allocations = 0;
}  // namespace
// Not inlined: g++ would see free() of what operator new gave, and say so.
[[gnu::noinline]] void* operator new(std::size_t n) {
  ++allocations;
  void* p = std::malloc(n == 0 ? 1 : n);
  if (p == nullptr) std::abort();
  return p;
}
// A sanitizer has its own of this one, whose memory free() would not take.
[[gnu::noinline]] void* operator new(std::size_t n, const std::nothrow_t&) noexcept {
  return operator new(n);
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace {
namespace q = octet::typed;
namespace views = octet::views;

constexpr auto weights = [] {
  std::array<std::int8_t, 4 * 8> w{};
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<std::int8_t>(i * 37 % 255 - 127);
  return w;
}();
constexpr std::int8_t feature[4 * 8] = {1, -2, 3, -4, 5, -6, 7, -8, 9, 8, 7, 6, 5, 4, 3, 2};
constexpr std::int16_t times[4 * 3] = {300, -200, 100, 90, 80, -70, 60, 50, 40, -30, 20, 10};
constexpr std::int32_t zeros[4] = {};

using frame = q::tensor<q::s8, q::shape<1, 8>, q::affine{0.05f, -3}>;
constexpr auto x = q::input<frame>("x");
constexpr auto y = x | q::dense({.units = 4}, q::per_tensor(weights, 0.01f), {}, {0.1f, 2});
constexpr auto plain = y;
constexpr auto real = y | q::dequantize();
constexpr auto streaming =
    x | q::svdf({.units = 4, .name = "memory", .state = {0.002f, 0}}, q::per_tensor(feature, 0.01f),
                q::per_tensor(times, 0.001f), zeros, {0.05f, 0});
using plain_net = q::compiled<plain>;
using real_net = q::compiled<real>;
using streaming_net = q::compiled<streaming>;

std::vector<std::int8_t> stream(std::size_t n) {
  std::vector<std::int8_t> s(n);
  std::uint32_t state = 5;
  for (auto& v : s) v = static_cast<std::int8_t>((state = state * 1664525u + 1013904223u) >> 24);
  return s;
}
/// The windows of a stream through a network, by hand.
template <class Net> auto by_hand(Net& net, const std::vector<std::int8_t>& s, std::size_t step) {
  std::vector<typename Net::output::element> all;
  for (std::size_t at = 0; at + 8 <= s.size(); at += step) {
    std::copy_n(s.begin() + static_cast<std::ptrdiff_t>(at), 8, net.input_view().begin());
    net.run();
    const auto out = net.output_view();
    all.insert(all.end(), out.begin(), out.end());
  }
  return all;
}
template <class T, class R> std::vector<T> numbers(R&& range) {
  std::vector<T> all;
  for (auto&& e : range)
    for (const T v : e) all.push_back(v);
  return all;
}
/// The same elements as a range that can be read once, and lies nowhere.
const auto unsettled = ranges::views::transform([](std::int8_t v) { return v; });
template <class F> std::string error_of(F&& f) {
  try {
    f();
  } catch (const octet::error& e) {
    return e.what();
  }
  return {};
}
}  // namespace

TEST_CASE("windows lie where the stream lies, or in a buffer of one window") {
  const auto s = stream(30);
  for (const std::size_t step : {1u, 3u, 8u, 11u}) {
    std::vector<std::int8_t> want;
    for (std::size_t at = 0; at + 8 <= s.size(); at += step)
      want.insert(want.end(), s.begin() + static_cast<std::ptrdiff_t>(at),
                  s.begin() + static_cast<std::ptrdiff_t>(at + 8));
    CHECK(numbers<std::int8_t>(s | views::windows(8, step)) == want);
    CHECK(numbers<std::int8_t>(s | unsettled | views::windows(8, step)) == want);
  }
  const auto w = s | views::windows<8, 3>();
  CHECK(w.size() == 8);
  CHECK(w[2].data() == s.data() + 6);
  static_assert(std::is_same_v<decltype(w[0]), std::span<const std::int8_t, 8>>);
  CHECK((s | views::windows<31>()).size() == 0);
  CHECK(numbers<std::int8_t>(s | unsettled | views::windows<31>()).empty());
  // frames of features: windows of arrays are arrays of all their numbers
  std::vector<int> sums;
  const auto pairs = s | views::windows<2>() | ranges::views::transform([](auto p) {
                       return std::array<std::int16_t, 2>{p[0], p[1]};
                     });
  for (auto e : pairs | views::windows<4, 1>()) sums.push_back(e[0][0] + e[3][1]);
  REQUIRE(sums.size() == 12);
  CHECK(sums[5] == s[10] + s[17]);
  CHECK(error_of([] { (void)views::windows(0, 1); }).find("at least 1") != std::string::npos);
}

TEST_CASE("networks in code and loaded ones run on windows as by hand") {
  static plain_net net;
  const auto s = stream(100);
  const octet::plan plan = octet::compile(plain_net::lower());
  octet::session session(plan);
  for (const std::size_t step : {3u, 8u}) {
    const auto want = by_hand(net, s, step);
    const auto windows = s | views::windows(8, step);
    CHECK(numbers<std::int8_t>(windows | views::run<std::int8_t>(session)) == want);
    CHECK(numbers<std::int8_t>(windows | views::run<std::int8_t>(plan)) == want);
  }
  const auto want = by_hand(net, s, 3);
  CHECK(numbers<std::int8_t>(s | views::windows<8, 3>() | views::run(net)) == want);
  CHECK(numbers<std::int8_t>(s | unsettled | views::windows<8, 3>() | views::run(net)) == want);
  // real numbers: the view's, the operator's, the loaded network's
  static real_net reals;
  const auto real_numbers = by_hand(reals, s, 3);
  const auto w = s | views::windows<8, 3>();
  CHECK(numbers<float>(w | views::run(net) | views::dequantize) == real_numbers);
  CHECK(numbers<float>(w | views::run(session) | views::dequantize) == real_numbers);
  CHECK(numbers<float>(w | views::run<std::int8_t>(session) | views::dequantize) == real_numbers);
  CHECK(numbers<float>(w | views::run(reals) | views::dequantize) == real_numbers);
  // adaptors without a range make an adaptor
  const auto spot = views::windows<8, 3>() | views::run(net) | views::dequantize;
  CHECK(numbers<float>(s | spot) == real_numbers);
}

TEST_CASE("batches give the same results in the same order") {
  static plain_net net;
  const auto s = stream(150);
  const auto want = by_hand(net, s, 5);
  const octet::plan plan = octet::compile(plain_net::lower());
  const auto w = s | views::windows<8, 5>();
  for (const std::size_t n : {1u, 4u, 100u})
    for (const unsigned threads : {1u, 3u}) {
      CHECK(numbers<std::int8_t>(w | views::batch(n, threads) | views::run(net)) == want);
      CHECK(numbers<std::int8_t>(w | views::batch(n, threads) | views::run<std::int8_t>(plan)) ==
            want);
    }
  CHECK(numbers<std::int8_t>(w | views::batch(4) | views::run(net) | ranges::views::drop(3)) ==
        std::vector<std::int8_t>(want.begin() + 12, want.end()));
  static streaming_net memory;
  const auto refused = error_of([&] { (void)(w | views::batch(4) | views::run(memory)); });
  CHECK(refused.find("memory from run to run") != std::string::npos);
}

TEST_CASE("a network runs when its result is asked for, one with memory for every element") {
  static plain_net net;
  static streaming_net memory;
  const auto s = stream(80);
  int read = 0;
  const auto counted = s | views::windows<8>() | ranges::views::transform([&](auto w) {
                         ++read;
                         return w;
                       });
  auto first = counted | views::run(net) | ranges::views::take(2);
  CHECK(read == 0);
  CHECK(numbers<std::int8_t>(first).size() == 8);
  CHECK(read == 2);
  read = 0;
  const auto all = by_hand(memory, s, 8);
  memory.reset();
  CHECK(numbers<std::int8_t>(counted | views::run(memory) | ranges::views::drop(6)) ==
        std::vector<std::int8_t>(all.begin() + 24, all.end()));
  CHECK(read == 10);
}

TEST_CASE("quantize, dequantize and requantize are the operators' formulas under each law") {
  std::vector<float> reals;
  for (int i = -400; i < 400; ++i) reals.push_back(static_cast<float>(i) * 0.0125f);
  reals.insert(reals.end(), {1e9f, -1e9f, std::numeric_limits<float>::infinity(), -0.f, 1e-40f,
                             std::numeric_limits<float>::quiet_NaN()});
  const auto n = static_cast<std::int32_t>(reals.size());
  const octet::dims shape{n};
  std::vector<std::int8_t> codes(reals.size()), moved(reals.size());
  std::vector<float> back(reals.size());
  int known = 0;
  for (const octet::law l : octet::enumerators<octet::law>) {
    INFO(octet::name_of(l));
    const octet::quantized_view from{{reals.data(), octet::dtype::f32, shape}};
    REQUIRE(octet::quantize(from, {{codes.data(), octet::dtype::s8, shape}, 0.025f, -3}, l));
    std::vector<std::int8_t> got;
    for (std::int8_t v : reals | views::quantize<std::int8_t>(0.025f, -3, l)) got.push_back(v);
    CHECK(got == codes);
    const octet::quantized_view code{{codes.data(), octet::dtype::s8, shape}, 0.025f, -3};
    for (const double scale : {0.05, 0.031, static_cast<double>(0.025f)}) {
      const bool has =
          octet::requantize(code, {{moved.data(), octet::dtype::s8, shape}, scale, 5}, l)
              .has_value();
      if (!has) {
        CHECK(error_of([&] {
                (void)views::requantize<std::int8_t, std::int8_t>({0.025f, -3}, {scale, 5}, l);
              }).find("law") != std::string::npos);
        continue;
      }
      ++known;
      got.clear();
      for (std::int8_t v :
           codes | views::requantize<std::int8_t, std::int8_t>({0.025f, -3}, {scale, 5}, l))
        got.push_back(v);
      CHECK(got == moved);
    }
    REQUIRE(octet::dequantize(code, {{back.data(), octet::dtype::f32, shape}}));
    std::vector<float> real_numbers;
    for (float v : codes | views::dequantize(0.025f, -3)) real_numbers.push_back(v);
    CHECK(real_numbers == back);
  }
  CHECK(known >= 9);
  // windows of numbers, to a network's input
  static plain_net net;
  std::vector<float> some(reals.begin(), reals.begin() + 80);
  std::vector<std::int8_t> typed;
  for (float v : some)
    typed.push_back(
        static_cast<std::int8_t>(octet::numerics::quantize_away(v, 0.05f, -3, -128, 127)));
  CHECK(numbers<std::int8_t>(some | views::windows<8, 4>() | views::quantize<frame>() |
                             views::run(net)) == by_hand(net, typed, 4));
  CHECK(error_of([] { (void)views::quantize<std::int8_t>(-0.5, 0); }).find("scale") !=
        std::string::npos);
  CHECK(error_of([] { (void)views::quantize<std::int8_t>(0.5, 200); }).find("zero point") !=
        std::string::npos);
}

TEST_CASE("the largest numbers, ties by place, NaN last") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<std::array<float, 4>> rows{{3, 5, 5, 1}, {nan, 2, nan, 4}, {-1, -1, -2, -1}};
  std::vector<std::vector<std::size_t>> found;
  for (auto best : rows | views::top(3)) {
    found.emplace_back();
    for (auto s : best) found.back().push_back(s.index);
  }
  CHECK(found == std::vector<std::vector<std::size_t>>{{1, 2, 0}, {3, 1, 0}, {0, 1, 3}});
  for (auto best : rows | views::top(9)) CHECK(best.size() == 4);
  for (auto best : rows | views::top(0)) CHECK(best.empty());
}

TEST_CASE("rows, pixels, channels and tiles of tensors") {
  std::array<std::uint8_t, 2 * 4 * 6 * 3> memory{};
  for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<std::uint8_t>(i);
  const auto at = [](std::size_t n, std::size_t row, std::size_t column, std::size_t c) {
    return static_cast<int>(((n * 4 + row) * 6 + column) * 3 + c);
  };
  using photos = q::tensor<q::u8, q::shape<2, 4, 6, 3>>;
  const auto check = [&](const auto& t) {
    CHECK(t.rows().size() == 8);
    CHECK(t.rows()[5].size() == 18);
    CHECK(t.rows()[5][4] == at(1, 1, 1, 1));
    CHECK(t.pixels().size() == 48);
    CHECK(t.pixels()[25][2] == at(1, 0, 1, 2));
    CHECK(t.channels().size() == 3);
    CHECK(t.channels()[1].size() == 48);
    CHECK(t.channels()[1][30] == at(1, 1, 0, 1));
    std::vector<int> corners;
    for (auto tile : t.tiles(2, 3, 2, 2)) corners.push_back(tile[1][0]);
    CHECK(corners == std::vector<int>{at(0, 1, 0, 0), at(0, 1, 2, 0), at(0, 3, 0, 0),
                                      at(0, 3, 2, 0), at(1, 1, 0, 0), at(1, 1, 2, 0),
                                      at(1, 3, 0, 0), at(1, 3, 2, 0)});
    CHECK(t.tiles(5, 3).empty());
    CHECK(t.tiles(0, 3).empty());
  };
  const octet::const_typed_span<photos> typed(std::as_const(memory));
  const octet::tensor_span loaded(std::as_const(memory).data(), octet::dims{2, 4, 6, 3});
  check(typed);
  check(loaded);
  CHECK(typed.tiles<2, 3>().size() == 8);
  static_assert(std::is_same_v<decltype(typed.rows()[0]), std::span<const std::uint8_t, 18>>);
  static_assert(views::detail::count<decltype(typed.tiles<2, 3>()[0])> == 18);
  static_assert(views::detail::count<decltype(typed.channels()[0])> == 48);
  // through tiles into another image
  std::array<std::uint8_t, 2 * 4 * 6 * 3> copy{};
  const octet::typed_span<photos> to(copy);
  for (auto [tile, from] : ranges::views::zip(to.tiles<2, 3>(), typed.tiles<2, 3>())) {
    std::array<std::uint8_t, 18> flat{};
    std::uint8_t* end = flat.data();
    for (auto row : from) end = std::copy(row.begin(), row.end(), end);
    CHECK(views::copy(flat, tile));
  }
  CHECK(copy == memory);
  CHECK_FALSE(views::copy(std::array<std::uint8_t, 17>{}, to.tiles<2, 3>()[0]));
  // rows of a table, and of a result
  static plain_net net;
  const auto table = stream(40);
  const octet::tensor_span rows(table.data(), octet::dims{5, 8});
  CHECK(rows.rows().size() == 5);
  octet::session session(octet::compile(plain_net::lower()));
  CHECK(numbers<std::int8_t>(rows.rows() | views::run<std::int8_t>(session)) ==
        by_hand(net, table, 8));
  CHECK(octet::tensor_span<const std::int8_t>(session.output()).rows()[0].size() == 4);
  CHECK(octet::tensor_span<const float>(session.output()).empty());
}

TEST_CASE("what does not fit a loaded network is one error that says what is wanted") {
  octet::session session(octet::compile(plain_net::lower()));
  const auto s = stream(50);
  const std::vector<float> reals(50);
  const auto says = [](const std::string& text, std::initializer_list<const char*> parts) {
    INFO(text);
    for (const char* p : parts) CHECK(text.find(p) != std::string::npos);
  };
  says(error_of([&] { (void)(reals | views::windows(8, 1) | views::run(session)); }),
       {"x", "float32", "int8[1,8]"});
  says(error_of([&] { (void)(s | views::windows(9, 1) | views::run(session)); }),
       {"9 elements", "int8[1,8]"});
  says(error_of([&] { (void)(s | views::windows<7>() | views::run(session)); }), {"7 elements"});
  says(error_of([&] { (void)(s | views::windows<8>() | views::run<float>(session)); }),
       {"output", "int8", "float32"});
  says(error_of([&] { (void)views::run(session, "scores"); }), {"scores", "output"});
  says(error_of([&] { (void)(s | views::windows<8>() | views::run(session, 1)); }), {"one of 1"});
  const std::vector<std::vector<std::int8_t>> ragged{stream(8), stream(7)};
  says(error_of([&] { (void)numbers<std::int8_t>(ragged | views::run<std::int8_t>(session)); }),
       {"another number"});
}

TEST_CASE("pipelines allocate nothing for an element") {
  static plain_net net;
  octet::session session(octet::compile(plain_net::lower()));
  const std::vector<float> s(200, 0.5f);
  // allocations of a pass that were not made by its first element
  const auto later = [](auto&& range) {
    std::size_t first = 0, elements = 0;
    for (auto&& e : range) {
      for (auto&& v : e) (void)v;
      if (elements++ == 0) first = allocations;
    }
    const std::size_t made = allocations - first;
    CHECK(elements > 20);
    return made;
  };
  const auto w = s | views::windows<8, 4>() | views::quantize<frame>();
  const auto values = ranges::views::transform([](float v) { return v; });
  CHECK(later(w | views::run(net) | views::dequantize | views::top(2)) == 0);
  CHECK(later(w | views::run(session) | views::dequantize | views::top(2)) == 0);
  CHECK(later(w | views::batch(5, 2) | views::run(net) | views::dequantize) == 0);
  CHECK(later(s | values | views::windows(8, 3) | views::quantize<std::int8_t>(0.05) |
              views::run<std::int8_t>(session)) == 0);
  std::vector<int> one(1);  // the counter counts
  const std::size_t before = allocations;
  std::vector<int> more(one.size() + 3);
  CHECK(allocations > before);
}
