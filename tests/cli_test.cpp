// The command line as people call it: output on stdout, messages on stderr, exit codes 0 done, 1
// differs, 2 usage, 3 bad input.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "load.hpp"
#include "npy.hpp"
#include "octet/octet.hpp"
#include "skip.hpp"

using namespace octet::tools;
namespace fs = std::filesystem;

namespace {

const std::string goldens = std::string(OCTET_SOURCE_DIR) + "/tests/goldens/tflite/";

struct ran {
  int code;
  std::string out, err;
};

/// Runs `octet ARGUMENTS` in a shell; `environment` as "NAME=value " before the command.
ran call(const std::string& arguments, const std::string& environment = "") {
  const fs::path errors =
      fs::temp_directory_path() / ("octet_cli_test_" + std::to_string(getpid()) + ".err");
  const std::string command = "unset OCTET_TARGET OCTET_NUM_THREADS; " + environment +
                              "'" OCTET_TOOL "' " + arguments + " 2>'" + errors.string() +
                              "' </dev/null";
  ran r{-1, {}, {}};
  std::FILE* p = popen(command.c_str(), "r");
  REQUIRE(p);
  std::array<char, 4096> b;
  for (std::size_t n; (n = std::fread(b.data(), 1, b.size(), p)) > 0;) r.out.append(b.data(), n);
  const int status = pclose(p);
  r.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  const auto text = read_file(errors.string());
  if (text) r.err.assign(reinterpret_cast<const char*>(text->data()), text->size());
  fs::remove(errors);
  return r;
}
std::string golden(const std::string& name) { return "'" + goldens + name + "'"; }
bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct folder {
  fs::path path = fs::temp_directory_path() / ("octet_cli_test_" + std::to_string(getpid()));
  folder() { fs::create_directories(path); }
  ~folder() { fs::remove_all(path); }
  std::string file(const std::string& name) const { return (path / name).string(); }
};

}  // namespace

TEST_CASE("run: identical outputs, several inputs and outputs, by order and by name") {
  const std::string m = "run " + golden("chain_branches_two_inputs.tflite");
  const std::string in0 = golden("chain_branches_two_inputs.input0.npy"),
                    in1 = golden("chain_branches_two_inputs.input1.npy");
  const std::string out0 = golden("chain_branches_two_inputs.output0.ref.npy"),
                    out1 = golden("chain_branches_two_inputs.output1.ref.npy");
  const ran r = call(m + " --input " + in0 + " --input " + in1 + " --reference " + out0 +
                     " --reference " + out1);
  CHECK(r.code == 0);
  CHECK(r.err.empty());
  CHECK(has(r.out, "input   int8 [1,4,4,3]  chain_branches_two_inputs.input0.npy  \"left\"\n"));
  CHECK(has(r.out, "law     tflite_ref (default for .tflite)     target "));
  CHECK(has(r.out,
            "identical: 60 of 60 raw outputs  \"t9\"\nidentical: 80 of 80 raw outputs  \"t10\"\n"));

  const ran named =
      call(m + " --input right=" + in1 + " --input left=" + in0 + " --reference t10=" + out1);
  CHECK(named.code == 0);
  CHECK(has(named.out, "identical: 80 of 80 raw outputs  \"t10\"\n"));
  CHECK_FALSE(has(named.out, "\"t9\"\n"));

  const ran one = call(m + " --input " + in0);
  CHECK(one.code == 2);
  CHECK(has(
      one.err,
      "octet: input 1 (\"right\", int8[1,4,4,3] scale 0.05 zero 4) needs --input or --image\n"));
  CHECK(one.out.empty());
  const ran three = call(m + " --input " + in0 + " --input " + in1 + " --input " + in0);
  CHECK(three.code == 2);
  CHECK(has(three.err, "all of them given"));
}

TEST_CASE("run: a difference gives exit code 1, says where, and names the law that fits") {
  const std::string files = "run " + golden("add_clamp_tie_s8.tflite") + " --input " +
                            golden("add_clamp_tie_s8.input0.npy") + " --input " +
                            golden("add_clamp_tie_s8.input1.npy");
  const ran r = call(files + " --reference " + golden("add_clamp_tie_s8.output0.xnnpack.npy"));
  CHECK(r.code == 1);
  CHECK(has(r.out, "identical: 39 of 66 raw outputs\n"));
  CHECK(has(r.out, "first difference at [0,1]: 3, reference 2\n"));
  CHECK(has(r.out, "law tflite_xnnpack gives identical outputs: --numerics tflite_xnnpack\n"));
  const ran x = call(files + " --numerics tflite_xnnpack --reference " +
                     golden("add_clamp_tie_s8.output0.xnnpack.npy"));
  CHECK(x.code == 0);
  CHECK(has(x.out, "law     tflite_xnnpack     target "));
  CHECK(has(x.out, "identical: 66 of 66 raw outputs\n"));
}

TEST_CASE("run: outputs and dumps are .npy files of the raw values") {
  const folder f;
  const ran r = call("run " + golden("chain_float_io.tflite") + " --input " +
                     golden("chain_float_io.input0.npy") + " --output '" + f.file("y.npy") +
                     "' --dump '" + f.file("dump") + "'");
  CHECK(r.code == 0);
  const auto y = read_npy(f.file("y.npy"));
  const auto wanted = read_npy(goldens + "chain_float_io.output0.ref.npy");
  REQUIRE((y && wanted));
  CHECK(y->bytes == wanted->bytes);
  const auto index = read_file(f.file("dump/index.json"));
  REQUIRE(index);
  const std::string text(reinterpret_cast<const char*>(index->data()), index->size());
  CHECK(has(text, "\"name\": \"image\""));
  CHECK(has(text,
            "\"name\": \"scores\", \"file\": \"5_scores.npy\", \"type\": \"float32[1,5,5,9]\""));
  const auto dumped = read_npy(f.file("dump/5_scores.npy"));
  REQUIRE(dumped);
  CHECK(dumped->bytes == wanted->bytes);
  CHECK(call("run " + golden("chain_float_io.tflite") + " --input " +
             golden("chain_float_io.input0.npy") + " --output /no/such/folder/y.npy")
            .code == 3);
}

TEST_CASE("run: images, labels and the best scores") {
  const folder f;
  // A 10 x 10 BMP that the input shrinks to 5 x 5, and labels for the 225 scores of the example.
  std::string bmp = "BM";
  bmp.resize(54 + 10 * 32);
  const auto put = [&](std::size_t at, std::uint32_t v) { std::memcpy(bmp.data() + at, &v, 4); };
  put(10, 54), put(14, 40), put(18, 10), put(22, 10), put(26, 1 | 24 << 16);
  for (std::size_t i = 54; i < bmp.size(); ++i) bmp[i] = static_cast<char>(i * 37);
  REQUIRE(write_file(f.file("p.bmp"), bmp));
  std::string labels;
  for (int i = 0; i < 225; ++i) labels += "label " + std::to_string(i) + "\n";
  REQUIRE(write_file(f.file("labels.txt"), labels));
  const std::string m =
      "run " + golden("chain_float_io.tflite") + " --image '" + f.file("p.bmp") + "' ";
  const ran r = call(m + "--mean 0.5 --std 0.5 --labels '" + f.file("labels.txt") + "' --top 2");
  CHECK(r.code == 0);
  CHECK(has(r.out, "input   float32 [1,5,5,3]  p.bmp resized 5x5\n"));
  CHECK(has(r.out, "top 2   label "));
  const ran indices = call(m + "--mean 0.5 0.5 0.5 --std 0.5 0.5 0.5 --top 2");
  CHECK(indices.code == 0);
  CHECK(has(indices.out, "top 2   #"));
  CHECK(call(m + "--mean 0.5 0.5").code == 3);
  CHECK(call(m + "--std 0").code == 3);
  REQUIRE(write_file(f.file("few.txt"), "a\nb\n"));
  const ran few = call(m + "--labels '" + f.file("few.txt") + "'");
  CHECK(few.code == 3);
  CHECK(has(few.err, "number of labels (found 2; supported: 225, the scores of the output)"));
  REQUIRE(write_file(f.file("p.gif"), "GIF89a"));
  CHECK(
      call("run " + golden("chain_float_io.tflite") + " --image '" + f.file("p.gif") + "'").code ==
      3);
}

TEST_CASE("bad models and bad inputs: one message, exit code 3") {
  const folder f;
  const auto refused = [](const ran& r, const std::string& part) {
    CHECK(r.code == 3);
    CHECK(r.out.empty());
    CAPTURE(r.err);
    CHECK(has(r.err, part));
    CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 1);
  };
  const std::string model = golden("chain_float_io.tflite"),
                    input = golden("chain_float_io.input0.npy");
  refused(call("run nothing.tflite"), "octet: nothing.tflite: cannot read: ");
  refused(call("show nothing.xyz"), "octet: nothing.xyz: cannot read: ");
  REQUIRE(write_file(f.file("x.xyz"), "?"));
  refused(call("show '" + f.file("x.xyz") + "'"), "unsupported: model format");
  REQUIRE(write_file(f.file("x.tflite"), "garbage that is no model at all"));
  refused(call("bench '" + f.file("x.tflite") + "'"), "malformed");
  const auto whole = read_file(goldens + "chain_float_io.tflite");
  REQUIRE(whole);
  REQUIRE(write_file(f.file("cut.tflite"), std::span(*whole).first(whole->size() / 2)));
  refused(call("run '" + f.file("cut.tflite") + "'"), "malformed");
  refused(call("run " + model + " --input " + golden("conv2d_1x1_s8.input0.npy")),
          "image: invalid: input (found int8");
  refused(call("run " + model + " --input '" + f.file("cut.tflite") + "'"),
          "npy: does not begin as a .npy file");
  refused(call("run " + model + " --input " + input + " --reference " + input),
          "invalid: reference (found float32[1,5,5,3]; supported: float32[1,5,5,9])");
  refused(call("run " + model + " --input " + input + " --numerics mxnet"),
          "law for .tflite (found mxnet; supported: tflite_ref, tflite_xnnpack)");
  refused(call("run " + model + " --input " + input + " --shape nobody=1,2"),
          "shape given for an input that does not exist");
}

TEST_CASE("bad usage: exit code 2") {
  const std::string model = golden("chain_float_io.tflite");
  CHECK(call("").code == 2);
  CHECK(call("fly").code == 2);
  CHECK(call("run").code == 2);
  CHECK(call("run " + model + " --no-such-option").code == 2);
  CHECK(call("run " + model + " --threads 0").code == 2);
  CHECK(call("run " + model + " --numerics nobody").code == 2);
  CHECK(call("run " + model + " --shape image").code == 2);
  CHECK(call("run " + model + " --shape image=1,,2").code == 2);
  CHECK(call("run " + model + " --target 8086").code == 2);
  CHECK(call("info", "OCTET_TARGET=8086 ").code == 2);
  CHECK(call("bench " + model, "OCTET_NUM_THREADS=many ").code == 2);
}

TEST_CASE("show prints every line of the dialect, with --plan and --dot") {
  const folder f;
  const ran r =
      call("show " + golden("chain_float_io.tflite") + " --dot '" + f.file("g.dot") + "'");
  CHECK(r.code == 0);
  CHECK(has(r.out,
            "%0: float32[1,5,5,3] = input \"image\"\n%1: int8[1,5,5,3] scale 0.0157 zero -3 = "
            "qnn.quantize(%0), rounding AWAY\n"));
  CHECK(has(r.out, "qnn.conv2d(%1, const int8[9,3,3,3] scales[9] axis 0, const int32[9]"));
  CHECK(has(r.out, "qnn.requantize("));
  CHECK(has(r.out, "output \"scores\" = %5\n"));
  const auto dot = read_file(f.file("g.dot"));
  REQUIRE(dot);
  const std::string text(reinterpret_cast<const char*>(dot->data()), dot->size());
  CHECK(text.rfind("digraph octet {", 0) == 0);
  CHECK(has(text, "n0 -> n1 [label=\"int8[1,5,5,3] scale 0.0157 zero -3\"]"));
  const ran plan = call("show --plan " + golden("chain_float_io.tflite"));
  CHECK(plan.code == 0);
  CHECK(has(plan.out, "# plan: target "));
  CHECK(has(plan.out, "# step 0: qnn.quantize "));
}

TEST_CASE("bench prints the summary and writes it") {
  const folder f;
  const ran r =
      call("bench " + golden("chain_float_io.tflite") +
           " --repeat 7 --number 2 --threads 1 --per-op --json '" + f.file("b.json") + "'");
  CHECK(r.code == 0);
  CHECK(r.err.empty());  // progress is for terminals
  CHECK(has(r.out,
            "threads 1     repeat 7     number 2\nExecution time summary:\n mean (ms)    median "
            "(ms)    max (ms)     min (ms)     std (ms)\n "));
  CHECK(has(r.out, "qnn.conv2d"));
  const auto json = read_file(f.file("b.json"));
  REQUIRE(json);
  const std::string text(reinterpret_cast<const char*>(json->data()), json->size());
  for (const char* key : {"mean_ms", "median_ms", "max_ms", "min_ms", "std_ms", "times_ms",
                          "target", "threads", "model", "per_op"})
    CHECK(has(text, std::string("\"") + key + "\": "));
  const std::size_t from = text.find("\"times_ms\": ["), to = text.find(']', from);
  CHECK(std::count(text.begin() + static_cast<std::ptrdiff_t>(from),
                   text.begin() + static_cast<std::ptrdiff_t>(to), ',') == 6);
}

TEST_CASE("run: the law that fits is found for a file that records no shapes") {
  const std::string digits = "'" + std::string(OCTET_SOURCE_DIR) + "/examples/digits/";
  const ran r =
      call("run " + digits + "digits.pt' --input " + digits +
           "digit_0.input_nchw.npy' --reference " + digits + "digit_0.output.qnnpack.npy'");
  CHECK(r.code == 1);
  CHECK(has(r.out, "law pytorch_qnnpack gives identical outputs: --numerics pytorch_qnnpack\n"));
}

TEST_CASE("show --svg without Graphviz says what it needs") {
  const folder f;
  const ran r = call("show " + golden("chain_float_io.tflite") + " --svg '" + f.file("g.svg") + "'",
                     "PATH=/nonexistent ");
  CHECK(r.code == 3);
  CHECK(has(r.err, "g.svg: "));
  CHECK(has(r.err, "--svg needs Graphviz's `dot` program"));
}

TEST_CASE("explain names kernel, cost and reason of every step") {
  const ran r = call("explain " + golden("chain_float_io.tflite") + " --threads 1");
  CHECK(r.code == 0);
  CHECK(r.err.empty());
  CHECK(has(r.out, "# target "));
  CHECK(has(r.out, "MACs (M)"));
  CHECK(has(r.out, "qnn.conv2d"));
  CHECK(has(r.out, " M MACs, "));
  const ran reference =
      call("explain " + golden("chain_float_io.tflite") + " --threads 1 --target reference");
  CHECK(reference.code == 0);
  CHECK_FALSE(has(reference.out, "no SIMD kernel"));  // scalar was asked for
  CHECK(call("explain /nonexistent.tflite").code == 3);
}

TEST_CASE("info names version, targets and threads, the environment chooses a target") {
  const ran r = call("info");
  CHECK(r.code == 0);
  CHECK(has(r.out, "octet     0."));
  CHECK(has(r.out, "targets   reference"));
  CHECK(has(r.out, "\nthreads   "));
  CHECK(has(call("info", "OCTET_TARGET=Reference ").out, "chosen    reference\n"));
  const std::string run =
      "run " + golden("chain_float_io.tflite") + " --input " + golden("chain_float_io.input0.npy");
  CHECK(has(call(run, "OCTET_TARGET=reference OCTET_NUM_THREADS=3 ").out,
            "target reference     threads 3\n"));
  CHECK(has(call(run + " --threads 1", "OCTET_NUM_THREADS=3 ").out, "threads 1\n"));
  CHECK(call("--version").out.rfind("0.", 0) == 0);
  CHECK(call("--help").code == 0);
}

TEST_CASE("the example network reads the ten digits") {
  const std::string d = "'" + std::string(OCTET_SOURCE_DIR) + "/examples/digits/";
  const char* const names[] = {"zero", "one", "two",   "three", "four",
                               "five", "six", "seven", "eight", "nine"};
  for (int i = 0; i < 10; ++i) {
    const std::string digit = d + "digit_" + std::to_string(i);
    const ran r = call("run " + d + "digits.tflite' --input " + digit + ".input.npy' --labels " +
                       d + "labels.txt' --top 1 --reference " + digit + ".output.ref.npy'");
    CHECK(r.code == 0);
    CHECK(has(r.out, std::string("top 1   ") + names[i] + " 0."));
    CHECK(has(r.out, "identical: 10 of 10 raw outputs\n"));
  }
}

TEST_CASE("a photograph through MobileNetV2 is a cat") {
  const std::string models = OCTET_MODELS;
  if (!fs::exists(models + "/images/cat.bmp")) return octet_test::skip("no ../shared/models");
  const std::string m = "'" + models + "/tflite/networks/tf2_mobilenet_v2_1.0_224_ptq";
  const ran r =
      call("run " + m + ".tflite' --image '" + models + "/images/cat.bmp' --labels '" + models +
           "/images/imagenet_labels.txt' --top 3 --reference " + m + ".output0.ref.npy'");
  CHECK(r.code == 0);
  CHECK(has(r.out, "input   uint8 [1,224,224,3]  cat.bmp resized 224x224\n"));
  CHECK(has(r.out, "cat"));
  CHECK(has(r.out, "identical: 1001 of 1001 raw outputs\n"));
}

namespace {

const std::string digits = std::string(OCTET_SOURCE_DIR) + "/examples/digits/";

/// Writes what record.py would: every tensor of a run, with index.json. `change` may replace a
/// tensor before it is written.
class recorder final : public octet::observer {
 public:
  recorder(const folder& f, std::string name) : path_(f.file(name)) {
    fs::create_directories(path_);
  }
  std::function<void(const std::string& name, array& value)> change;
  void add(const std::string& name, const std::string& node, const octet::const_tensor_view& v) {
    array a{v.type, v.shape, {}};
    a.bytes.resize(v.size_bytes());
    std::memcpy(a.bytes.data(), v.data, v.size_bytes());
    if (change) change(name, a);
    const std::string file = std::to_string(count_++) + ".npy";
    REQUIRE(write_npy(path_ + "/" + file, a.view()));
    index_ += (index_.empty() ? "" : ",") + std::string("{\"name\": \"") + name +
              "\", \"node\": \"" + node + "\", \"file\": \"" + file + "\"}";
  }
  void on_tensor(const octet::plan_data& p, std::size_t step, octet::tensor_id id,
                 const octet::const_tensor_view& v) noexcept override {
    add(p.source[id].name, p.source.nodes[static_cast<std::size_t>(p.steps[step].node)].name, v);
  }
  void finish() const {
    REQUIRE(write_file(path_ + "/index.json", "{\"tensors\": [" + index_ + "]}"));
  }

 private:
  std::string path_, index_;
  int count_ = 0;
};
void record(recorder& to, octet::graph g, const std::string& input) {
  octet::plan_options o;
  o.keep_all = true;
  auto p = octet::try_compile(std::move(g), o);
  REQUIRE(p);
  octet::session s(*p);
  const auto x = read_npy(input);
  REQUIRE(x);
  REQUIRE(s.input(0).try_assign(x->view()));
  to.add("x", "input", x->view());
  s.run(to);
  to.finish();
}

}  // namespace

TEST_CASE(
    "diff: a dump of the same run is identical, one under another law names the first tensor and "
    "that law") {
  const folder f;
  struct {
    const char *model, *input, *own, *other, *first;
  } cases[] = {
      {"digits.pt", "digit_7.input_nchw.npy", "pytorch_fbgemm", "pytorch_qnnpack",
       "first difference: stem (stem quantized::conv2d_relu #2)"},
      {"digits.tflite", "digit_7.input.npy", "tflite_ref", "tflite_xnnpack", "(CONV_2D #0)"}};
  for (const auto& c : cases) {
    const std::string model = "'" + digits + c.model + "' ",
                      input = " --input '" + digits + c.input + "' ";
    const auto dump = [&](const char* law) {
      const std::string to = f.file(std::string(c.model) + "." + law);
      REQUIRE(call("run " + model + input + "--numerics " + law + " --dump '" + to + "'").code ==
              0);
      return " --reference '" + to + "'";
    };
    const std::string own = dump(c.own), other = dump(c.other);
    const ran same = call("diff " + model + own);
    CHECK(same.code == 0);
    CHECK(has(same.out, "identical: all "));
    CHECK(has(same.out, std::string("law ") + c.own));
    const ran differs = call("diff " + model + other);
    CHECK(differs.code == 1);
    INFO(differs.out);
    CHECK(has(differs.out, c.first));
    CHECK(has(differs.out, "all by one step: rounding"));
    CHECK(has(differs.out, std::string("law ") + c.other + " explains it"));
    CHECK(call("diff " + model + other + " --numerics " + c.other).code == 0);
  }
}

TEST_CASE("diff: padding on another side is found by trying") {
  const folder f;
  auto g = load_model(digits + "digits.tflite");
  REQUIRE(g);
  int padded = 0;
  for (octet::node& n : g->nodes)
    if (n.attrs.find("pad_top") && n.attrs.integer("pad_top") == 1 && padded++ == 1) {
      n.attrs.set("pad_top", std::int64_t{2});
      n.attrs.set("pad_bottom", std::int64_t{0});
    }
  REQUIRE(padded > 1);
  recorder r(f, "padding");
  record(r, std::move(*g), digits + "digit_3.input.npy");
  const ran d = call("diff '" + digits + "digits.tflite' --reference '" + f.file("padding") + "'");
  INFO(d.out << d.err);
  CHECK(d.code == 1);
  CHECK(has(d.out,
            "padding top 2, bottom 0, left 1, right 1 gives the recorded values; the file says top "
            "1, bottom 1, left 1, right 1"));
}

TEST_CASE("diff: values in the other layout are found by trying") {
  const folder f;
  for (const bool first : {true, false}) {
    auto g = load_model(digits + "digits.tflite");
    REQUIRE(g);
    recorder r(f, first ? "nchw" : "nhwc");
    int images = 0;
    r.change = [&](const std::string&, array& a) {
      if (a.shape.rank != 4 || a.shape[1] < 3 || a.shape[3] < 3 || images++ != 1) return;
      // The bytes of one order under the shape of the other.
      const auto n = static_cast<std::size_t>(a.shape[1] * a.shape[2]),
                 c = static_cast<std::size_t>(a.shape[3]);
      std::vector<std::byte> moved(a.bytes.size());
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < c; ++k) moved[k * n + i] = a.bytes[i * c + k];
      if (first)
        a.bytes = std::move(moved);
      else
        a.shape = octet::dims{a.shape[0], a.shape[3], a.shape[1], a.shape[2]};
    };
    record(r, std::move(*g), digits + "digit_3.input.npy");
    const ran d = call("diff '" + digits + "digits.tflite' --reference '" +
                       f.file(first ? "nchw" : "nhwc") + "'");
    INFO(d.out << d.err);
    CHECK(d.code == 1);
    CHECK(has(d.out, first ? "channels first (NCHW) under a shape that has them last: layout"
                           : "channels last (NHWC) under a shape that has them first: layout"));
  }
}

TEST_CASE("diff: a folder that is none, or of another model") {
  const folder f;
  const std::string model =
      "diff '" + digits + "digits.tflite' --reference '" + f.path.string() + "'";
  const ran none = call(model);
  CHECK(none.code == 3);
  CHECK(has(none.err, "no index.json"));
  REQUIRE(write_file(f.file("index.json"), "[1, 2"));
  CHECK(call(model).code == 3);
  REQUIRE(write_file(
      f.file("index.json"),
      "{\"tensors\": [{\"name\": \"x\", \"node\": \"input\", \"file\": \"../x.npy\"}]}"));
  CHECK(call(model).code == 3);
  REQUIRE(write_file(f.file("index.json"), "{\"tensors\": []}"));
  const ran empty = call(model);
  CHECK(empty.code == 3);
  CHECK(has(empty.err, "0 tensors of node \"input\", the model has 1 inputs"));
}
