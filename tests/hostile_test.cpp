// Damaged files: truncated, flipped, overwritten. Each either gives an error that names the file or
// still is a network that runs; nothing crashes
// (./dev check runs this under ASan and UBSan).
// And graphs made by hand, one for each way that a file was found to break what trusts it.
#include <algorithm>
#include <catch2/catch.hpp>
#include <ctime>
#include <filesystem>
#include <limits>
#include <random>

#include "octet/import/common/builder.hpp"
#include "octet/import/common/file.hpp"
#include "octet/import/octet_file.hpp"
#include "octet/import/tflite.hpp"
#include "octet/ops/list.hpp"
#include "octet/plan/memory.hpp"
#include "octet/runtime/session.hpp"
#include "tflite_file.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OCTET_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OCTET_SANITIZED 1
#endif
#endif
#ifndef OCTET_SANITIZED
#define OCTET_SANITIZED 0
#endif

namespace {

octet::import::tflite_options small_limits() {
  octet::import::tflite_options o;
  o.max.tensor_bytes = o.max.constant_bytes = o.max.arena_bytes = std::size_t{1} << 24;
  return o;
}

/// Loads, plans and runs; true where all three worked. An error must name the file.
bool survives(std::span<const std::byte> bytes) {
  const auto o = small_limits();
  auto g = octet::import::try_tflite(bytes, "damaged.tflite", o);
  if (!g) {
    REQUIRE(g.error().message().find("damaged.tflite") != std::string::npos);
    return false;
  }
  octet::plan_options po;
  po.max = o.max;
  auto p = octet::try_compile(std::move(*g), po);
  if (!p) {
    REQUIRE(p.error().message().find("damaged.tflite") != std::string::npos);
    return false;
  }
  std::size_t work = 0;  // a flipped stride can make a run long, not wrong
  for (const auto& t : p->source().tensors) work += t.shape.elements().value;
  if (work > 4000000) return true;
  octet::session s(*p);
  s.run();
  return true;
}

std::vector<std::filesystem::path> small_models() {
  std::vector<std::filesystem::path> files;
  for (const char* folder : {"/tests/goldens/tflite", "/examples/digits"})
    for (const auto& f :
         std::filesystem::directory_iterator(std::string(OCTET_SOURCE_DIR) + folder))
      if (f.path().extension() == ".tflite") files.push_back(f.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

TEST_CASE("truncated TFLite files are refused", "[hostile]") {
  const auto file =
      octet::import::read_file(std::string(OCTET_SOURCE_DIR) + "/examples/digits/digits.tflite");
  REQUIRE(file);
  REQUIRE(survives(file->bytes));
  for (std::size_t n = 0; n + 1 < file->bytes.size(); n += n < 512 ? 1 : 37) {
    INFO("first " << n << " bytes");
    CHECK_FALSE(survives(file->bytes.subspan(0, n)));
  }
}

TEST_CASE("flipped and overwritten bytes never crash a load, a plan or a run", "[hostile]") {
  std::mt19937 random(20261124);
  std::size_t refused = 0, ran = 0;
  for (const auto& path : small_models()) {
    const auto file = octet::import::read_file(path.string());
    REQUIRE(file);
    std::vector<std::byte> bytes(file->bytes.begin(), file->bytes.end());
    for (int round = 0; round < 60; ++round) {
      std::vector<std::byte> damaged = bytes;
      const int changes = 1 + round % 4;
      for (int c = 0; c < changes; ++c) {
        const std::size_t at = random() % damaged.size();
        switch (random() % 3) {
          case 0: damaged[at] ^= static_cast<std::byte>(1u << (random() % 8)); break;
          case 1: damaged[at] = static_cast<std::byte>(random()); break;
          default:  // an extreme 32-bit word
            if (at + 4 <= damaged.size()) {
              constexpr std::uint32_t extreme[] = {0,          1,          0x7fffffff,
                                                   0x80000000, 0xffffffff, 0x10000};
              const std::uint32_t w = extreme[random() % std::size(extreme)];
              std::memcpy(damaged.data() + at / 4 * 4, &w, 4);
            }
        }
      }
      INFO(path.filename() << " round " << round);
      ++(survives(damaged) ? ran : refused);
    }
  }
  std::printf("%zu refused, %zu still ran\n", refused, ran);
  CHECK(refused > 0);
  CHECK(ran > 0);
}

TEST_CASE("errors name file, operator, what was found and what is supported", "[hostile]") {
  const auto missing = octet::import::try_tflite("no/such/file.tflite");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message().find("no/such/file.tflite: cannot read") == 0);
  const std::byte eight[8] = {};
  const auto tiny = octet::import::try_tflite(eight, "tiny.tflite");
  REQUIRE_FALSE(tiny);
  CHECK(tiny.error().message().find("TFL3") != std::string::npos);
}

namespace {

using octet::dims, octet::dtype, octet::graph, octet::limits, octet::tensor, octet::tensor_id;
namespace ops = octet::ops;

tensor_id value(graph& g, const char* name, dtype type, dims shape,
                tensor::kind role = tensor::kind::value) {
  tensor t;
  t.name = name;
  t.type = type;
  t.shape = shape;
  t.role = role;
  return g.add(std::move(t));
}
/// x -> relu -> y, float32.
graph small() {
  graph g;
  g.name = "small";
  const tensor_id x = value(g, "x", dtype::f32, {4}), y = value(g, "y", dtype::f32, {4});
  g.inputs = {x}, g.outputs = {y};
  g.add_node(ops::relu, "r", {x}, {y});
  return g;
}
/// The message of what is refused; empty where it plans.
std::string refused(const graph& g, const limits& max = {}) {
  octet::plan_options o;
  o.max = max;
  const auto p = octet::try_compile(g, o);
  return p ? std::string() : p.error().message();
}
bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("states and inputs whose bytes are not their own are refused", "[hostile]") {
  graph g = small();
  CHECK(refused(g).empty());
  const std::vector<float> nine(9, 1.f);
  const tensor_id s = value(g, "s", dtype::f32, {4}, tensor::kind::state);
  g[s].data = octet::constant_data::of(std::span<const float>(nine));  // 36 bytes for a shape of 16
  CHECK(has(refused(g), "size of a state"));
  g[s].data = {};
  CHECK(refused(g).empty());

  graph shrinks = small();
  const tensor_id state = value(shrinks, "state", dtype::f32, {100}, tensor::kind::state);
  shrinks.add_node(ops::relu, "writes", {0}, {state});
  const auto inferred = octet::infer_shapes(shrinks, shrinks.nodes.back());
  REQUIRE_FALSE(inferred);
  CHECK(has(inferred.error().message(), "changes the shape of a state"));
  CHECK(shrinks[state].shape == dims{100});

  graph constant_input = small();
  const std::vector<float> four(4, 1.f);
  constant_input[0].role = tensor::kind::constant;
  constant_input[0].data = octet::constant_data::of(std::span<const float>(four));
  CHECK(has(refused(constant_input), "graph input is a constant"));

  octet_test::tflite_file file;  // the same as a file, with and without a shape given for it
  using octet_test::tflite_file;
  tflite_file::tensor t{"x", {4}, octet_test::tflite::float32};
  t.data.assign(16, 0);
  file.add(t);
  file.add({"y", {4}, octet_test::tflite::float32});
  file.operations = {{octet_test::tflite::add, {0, 0}, {1}}};
  file.inputs = {0}, file.outputs = {1};
  CHECK_FALSE(octet::import::try_tflite(file.bytes(), "constant.tflite"));
  octet::import::tflite_options o;
  o.shapes = {{"x", dims{1 << 20}}};
  const auto resized = octet::import::try_tflite(file.bytes(), "constant.tflite", o);
  REQUIRE_FALSE(resized);
  CHECK(has(resized.error().message(), "shape given for an input that is a constant"));
}

namespace {
octet::import::graph_builder folding_builder() {
  return octet::import::graph_builder("folded", octet::law::tflite_ref, {});
}
tensor_id ten_bytes(graph& g) {
  static const std::vector<std::int8_t> ten(10, 1);
  return g.add_constant("c", dtype::s8, dims{10},
                        octet::constant_data::of(std::span<const std::int8_t>(ten)));
}
tensor_id zeros(graph& g, const dims& shape) {
  const std::vector<float> all(shape.elements().value, 0.f);
  return g.add_constant("c", dtype::f32, shape,
                        octet::constant_data::of(std::span<const float>(all)));
}
}  // namespace

TEST_CASE("folding keeps to what a node may write", "[hostile]") {
  {  // pieces of 9 and 1 elements into one tensor
    auto b = folding_builder();
    const tensor_id c = ten_bytes(b.g), y = value(b.g, "y", dtype::s8, {});
    octet::attributes a;
    a.set("sizes", std::vector<std::int64_t>{9, 1});
    const auto s = b.emit(ops::split, {c}, {y, y}, std::move(a));
    REQUIRE_FALSE(s);
    CHECK(has(s.error().message(), "written before"));
  }
  {  // a state that a constant is written to stays one
    auto b = folding_builder();
    const tensor_id c = ten_bytes(b.g), s = value(b.g, "s", dtype::s8, {10}, tensor::kind::state);
    REQUIRE(b.emit(ops::identity, {c}, {s}));
    CHECK(b.g[s].role == tensor::kind::state);
    CHECK(b.g.nodes.size() == 1);
  }
}

TEST_CASE("folding keeps to the limits", "[hostile]") {
  {  // a kilobyte of file, gigabytes of constants
    auto b = folding_builder();
    const tensor_id c = ten_bytes(b.g), y = value(b.g, "y", dtype::s8, {});
    octet::attributes a;
    a.set("shape", std::vector<std::int64_t>{200000000, 10});
    const auto s = b.emit(ops::broadcast_to, {c}, {y}, std::move(a));
    REQUIRE_FALSE(s);
    CHECK(has(s.error().message(), "the limit tensor_bytes"));
  }
  {  // boxes that are all held against each other: more than elements alone tell
    auto b = folding_builder();
    const std::vector<float> numbers(4 * 4000, 1.f);
    const auto floats = [&](dims d) {
      return b.g.add_constant(
          "b", dtype::f32, d,
          octet::constant_data::of(std::span(numbers).first(d.elements().value)));
    };
    octet::attributes a;
    a.set("most", std::int64_t{4000});
    const auto s = b.emit(ops::non_max_suppression, {floats({4000, 4}), floats({4000})},
                          {value(b.g, "i", dtype::s32, {}), value(b.g, "s", dtype::f32, {}),
                           value(b.g, "n", dtype::s32, {})},
                          std::move(a));
    REQUIRE_FALSE(s);
    CHECK(has(s.error().message(), "the limit work"));
  }
  {  // many small ones
    auto b = folding_builder();
    const tensor_id c = ten_bytes(b.g);
    octet::status s = octet::unit{};
    for (int i = 0; i < 100 && s; ++i) {
      octet::attributes a;
      a.set("shape", std::vector<std::int64_t>{100000, 10});
      s = b.emit(ops::broadcast_to, {c}, {value(b.g, "y", dtype::s8, {})}, std::move(a));
    }
    REQUIRE_FALSE(s);
    CHECK(has(s.error().message(), "the limit work"));
  }
}

TEST_CASE("folding counts products and searches, not only elements", "[hostile]") {
  {
    auto b = folding_builder();
    const tensor_id x = zeros(b.g, {1, 12, 12, 12, 8}), w = zeros(b.g, {32, 7, 7, 7, 8});
    const auto s = b.emit(ops::float_conv3d, {x, w}, {value(b.g, "y", dtype::f32, {})});
    REQUIRE_FALSE(s);
    CHECK(has(s.error().message(), "the limit work"));
  }
  {
    auto b = folding_builder();
    const tensor_id boxes = zeros(b.g, {3000, 4}), scores = zeros(b.g, {3000});
    octet::attributes a;
    a.set("most", std::int64_t{10});
    const auto s = b.emit(ops::non_max_suppression, {boxes, scores},
                          {value(b.g, "i", dtype::s32, {}), value(b.g, "s", dtype::f32, {}),
                           value(b.g, "n", dtype::s32, {})},
                          std::move(a));
    REQUIRE_FALSE(s);
    CHECK(has(s.error().message(), "the limit work"));
  }
  {  // each cell may be where a person begins
    auto b = folding_builder();
    const tensor_id heat = zeros(b.g, {1, 40, 40, 17}), near = zeros(b.g, {1, 40, 40, 34}),
                    lines = zeros(b.g, {1, 40, 40, 64});
    octet::attributes a;
    a.set("most", std::int64_t{10}), a.set("stride", std::int64_t{16});
    const auto y = [&](const char* name) { return value(b.g, name, dtype::f32, {}); };
    const auto s = b.emit(ops::pose_decode, {heat, near, lines},
                          {y("points"), y("scores"), y("people"), y("count")}, std::move(a));
    REQUIRE_FALSE(s);
    CHECK(has(s.error().message(), "the limit work"));
  }
}

TEST_CASE("every limit is an error that names it", "[hostile]") {
  const graph g = small();
  const auto message = [&](std::size_t limits::*member, std::size_t most) {
    limits l;
    l.*member = most;
    return refused(g, l);
  };
  CHECK(has(message(&limits::tensor_bytes, 15), "the limit tensor_bytes"));
  CHECK(message(&limits::tensor_bytes, 16).empty());
  CHECK(has(message(&limits::arena_bytes, 31), "the limit arena_bytes"));
  CHECK(has(message(&limits::plan_bytes, 3), "the limit plan_bytes"));
  CHECK(has(message(&limits::tensors, 1), "the limit tensors"));
  CHECK(has(message(&limits::nodes, 0), "the limit nodes"));
  const std::string file = octet::import::write_octet(g);
  octet::import::octet_options o;
  o.max.nodes = 0;
  const auto read = octet::import::try_octet(std::as_bytes(std::span(file)), "small.octet", o);
  REQUIRE_FALSE(read);
  CHECK(has(read.error().message(), "the limit nodes"));
  limits few;
  few.file_bytes = 100;
  const auto large = octet::import::read_file(
      std::string(OCTET_SOURCE_DIR) + "/examples/digits/digits.tflite", few);
  REQUIRE_FALSE(large);
  CHECK(has(large.error().message(), "the limit file_bytes"));
  octet::work_budget work(few, 0);
  CHECK(work.take(few.work));
  CHECK_FALSE(work.take(1));
  CHECK_FALSE(work.take(0));  // for good
  CHECK(has(work.error().message(), "the limit work"));
  for (const limits::entry& e : limits::list) CHECK(limits::none().*e.member == SIZE_MAX);
}

TEST_CASE("inputs and outputs of a graph are within the limits, however often one is",
          "[hostile]") {
  graph g = small();
  g.outputs.assign(40, 1);
  CHECK(refused(g).empty());
  limits few;
  few.tensors = 39;
  CHECK(has(refused(g, few), "outputs of the graph (found 40; supported: at most 39"));
  limits little;
  little.arena_bytes = 40 * 16 - 1;
  CHECK(has(refused(g, little), "bytes of all outputs (found 640"));
  g.outputs = {1};
  CHECK(refused(g, few).empty());
  CHECK(refused(g, little).empty());
  g.inputs.assign(40, 0);
  CHECK(has(refused(g, few), "inputs of the graph (found 40"));
}

TEST_CASE("units of float biases that make no finite number are refused", "[hostile]") {
  graph b;
  b.name = "unit";
  const tensor_id bx = value(b, "x", dtype::s8, {1, 5, 5, 4}),
                  bw = value(b, "w", dtype::s8, {4, 1, 1, 4}, tensor::kind::constant),
                  bias = value(b, "b", dtype::f32, {4}, tensor::kind::constant),
                  by = value(b, "y", dtype::s8, {1, 5, 5, 4});
  const std::vector<std::int8_t> ones(16, 1);
  b[bw].data = octet::constant_data::of(std::span<const std::int8_t>(ones));
  for (tensor_id t : {bx, bw, by}) b[t].scales = {0.5}, b[t].zero_points = {0};
  b.inputs = {bx}, b.outputs = {by};
  b.add_node(ops::conv2d, "c", {bx, bw, bias}, {by}, {}, octet::rounding::fused_multiply_add);
  const auto with_bias = [&](double scale, float each) {
    const std::vector<float> list(4, each);
    b[bias].data = octet::constant_data::of(std::span<const float>(list));
    b[bx].scales = b[bw].scales = {scale};
    return refused(b);
  };
  CHECK(with_bias(0.5, 1.f).empty());
  CHECK(has(with_bias(1e-25, 0.f), "ratio of scales"));
  CHECK(has(with_bias(1e-15, 1e30f), "ratio of scales"));
}

TEST_CASE("a softmax whose output scale has no reciprocal is refused", "[hostile]") {
  graph g;
  g.name = "unit";
  const tensor_id x = value(g, "x", dtype::u8, {2, 7}), y = value(g, "y", dtype::u8, {2, 7});
  for (tensor_id t : {x, y}) g[t].scales = {0.5}, g[t].zero_points = {0};
  g.inputs = {x}, g.outputs = {y};
  g.add_node(ops::qnn_softmax, "s", {x}, {y}, {}, octet::rounding::onnxruntime);
  g[y].scales = {1e-37};
  CHECK(refused(g).empty());
  g[y].scales = {1e-40};
  CHECK(has(refused(g), "ratio of scales"));
}

TEST_CASE("values that reference and kernels could read differently are refused", "[hostile]") {
  graph g;
  g.name = "odd";
  const tensor_id x = value(g, "x", dtype::s8, {1, 5, 5, 4}),
                  w = value(g, "w", dtype::s8, {4, 1, 1, 4}, tensor::kind::constant),
                  y = value(g, "y", dtype::s8, {1, 5, 5, 4});
  const std::vector<std::int8_t> ones(16, 1);
  g[w].data = octet::constant_data::of(std::span<const std::int8_t>(ones));
  for (tensor_id t : {x, w, y}) g[t].scales = {0.5}, g[t].zero_points = {0};
  g.inputs = {x}, g.outputs = {y};
  octet::node& n =
      g.add_node(ops::conv2d, "c", {x, w}, {y}, {}, octet::rounding::doubling_high_half_away);
  REQUIRE(refused(g).empty());
  const auto with = [&](const char* key, octet::attributes::value v) {
    const octet::attributes before = n.attrs;
    n.attrs.set(key, std::move(v));
    const std::string message = refused(g);
    n.attrs = before;
    return message;
  };
  CHECK(has(with("dilation_h", (std::int64_t{1} << 32) + 1), "dilation_h"));
  CHECK(has(with("stride_w", std::int64_t{INT32_MAX}), "stride_w"));
  CHECK(has(with("clamp_lo", std::int64_t{300}), "clamp bounds"));
  CHECK(has(with("clamp_lo", std::int64_t{1} << 40), "clamp bounds"));
  n.attrs.set("clamp_hi", std::int64_t{-5});
  CHECK(has(with("clamp_lo", std::int64_t{5}), "clamp bounds"));
  CHECK(with("clamp_lo", std::int64_t{-5}).empty());

  graph f = small();
  f.nodes[0].attrs.set("alpha", std::numeric_limits<double>::quiet_NaN());
  CHECK(has(refused(f), "alpha"));
  f.nodes[0].attrs.set("alpha", std::numeric_limits<double>::infinity());
  CHECK(has(refused(f), "alpha"));

  graph b;
  const tensor_id c = value(b, "c", dtype::boolean, {2}, tensor::kind::constant),
                  z = value(b, "z", dtype::boolean, {2});
  const std::uint8_t bytes[] = {1, 2};
  b[c].data = octet::constant_data::of(std::span<const std::uint8_t>(bytes));
  b.outputs = {z};
  b.add_node(ops::logical_and, "and", {c, c}, {z});
  CHECK(has(refused(b), "a bool"));
}

TEST_CASE("a hundred thousand nodes plan within seconds", "[hostile]") {
  // A chain, and the same with every value alive to the end: 4.8 s once, when all were compared.
  for (const bool alive : {false, true}) {
    graph g;
    tensor_id x = value(g, "x", dtype::f32, {8});
    g.inputs = {x};
    std::vector<tensor_id> all{x};
    for (int i = 0; i < 100000; ++i) {
      const tensor_id y = value(g, "", dtype::f32, {8});
      g.add_node(ops::relu, "", {x}, {y});
      all.push_back(x = y);
    }
    g.outputs = alive ? all : std::vector<tensor_id>{x};
    const std::clock_t start = std::clock();
    const auto p = octet::try_compile(std::move(g));
    REQUIRE(p);
    CHECK(p->activation_bytes() == (alive ? 64u * 100001 : 96u));
    CHECK((std::clock() - start) / CLOCKS_PER_SEC < 10);  // less than one; ten under sanitizers
  }
}

TEST_CASE("blocks placed in order do not overlap while both exist", "[hostile]") {
  std::mt19937 random(7);
  std::vector<octet::lifetime> blocks(400);
  for (auto& b : blocks) {
    b.bytes = random() % 1000;
    b.first = static_cast<std::int32_t>(random() % 100);
    b.last = b.first + static_cast<std::int32_t>(random() % 40);
  }
  std::vector<std::int32_t> by_start(blocks.size());
  for (std::size_t i = 0; i < by_start.size(); ++i) by_start[i] = static_cast<std::int32_t>(i);
  std::sort(by_start.begin(), by_start.end(), [&](std::int32_t a, std::int32_t b) {
    return blocks[static_cast<std::size_t>(a)].first < blocks[static_cast<std::size_t>(b)].first;
  });
  const std::size_t end = octet::detail::place_in_order(blocks, by_start);
  std::size_t overlaps = 0, total = 0;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto& a = blocks[i];
    total += octet::round_up(a.bytes, octet::alignment);
    CHECK(a.offset % octet::alignment == 0);
    CHECK((a.bytes == 0 || a.offset + a.bytes <= end));
    for (std::size_t k = 0; k < i; ++k) {
      const auto& b = blocks[k];
      const bool together = a.first <= b.last && b.first <= a.last,
                 shared = a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
      overlaps += together && shared && a.bytes != 0 && b.bytes != 0;
    }
  }
  CHECK(overlaps == 0);
  CHECK(end < total * 3 / 4);  // memory is used again
}

TEST_CASE("sessions that cannot be made are errors, empty objects do nothing", "[hostile]") {
  const auto none = octet::try_session(octet::plan());
  REQUIRE_FALSE(none);
  CHECK(has(none.error().message(), "empty plan"));
  octet::session empty;
  empty.run();
  empty.reset();
  CHECK(empty.inputs() == 0);
  CHECK(empty.input().as<float>().empty());
  CHECK_FALSE(empty.try_input("x"));
  const std::vector<float> one(1);
  CHECK_FALSE(empty.input().try_assign(std::span<const float>(one)));

  auto p = octet::try_compile(small());
  REQUIRE(p);
  auto s = octet::try_session(*p);
  REQUIRE(s);
  octet::session moved = std::move(*s);
  s->run();  // NOLINT: what is left does nothing
  CHECK(s->outputs() == 0);
  CHECK(s->program().source().nodes.empty());
  CHECK(moved.input(7).as<float>().empty());  // there is no such input
  const float in[] = {-1, 2, -3, 4};
  REQUIRE(moved.input().try_assign(std::span<const float>(in)));
  moved.run();
  CHECK(moved.output().as<float>()[3] == 4.f);
  octet::plan given = std::move(*p);
  CHECK(p->empty());
  CHECK_FALSE(octet::try_session(*p));
  CHECK(octet::try_session(given));

#if !OCTET_SANITIZED  // whose allocators end the program
  // More than any address space holds: an error, not an exception through frames that know none.
  graph huge;
  octet::plan_options o;
  o.max = limits::none();
  std::vector<tensor_id> all{value(huge, "x", dtype::f32, {1 << 29})};
  huge.inputs = all;
  for (int i = 0; i < 70000; ++i) {
    all.push_back(value(huge, "", dtype::f32, {1 << 29}));
    huge.add_node(ops::relu, "", {all.front()}, {all.back()});
  }
  huge.outputs = all;
  const auto planned = octet::try_compile(std::move(huge), o);
  REQUIRE(planned);
  const auto failed = octet::try_session(*planned);  // 2^47 bytes
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == octet::errc::out_of_memory);
#endif
}
