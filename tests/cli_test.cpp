// The command line as people call it: output on stdout, messages on stderr, exit codes 0 done, 1
// differs, 2 usage, 3 bad input.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "arrays.hpp"
#include "load.hpp"
#include "octet/import/octet_file.hpp"
#include "octet/octet.hpp"
#include "skip.hpp"

using namespace octet::tools;
namespace fs = std::filesystem;

namespace {

const std::string goldens = std::string(OCTET_SOURCE_DIR) + "/tests/goldens/tflite/",
                  digits = std::string(OCTET_SOURCE_DIR) + "/examples/digits/";

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
  const ran floats = call(m + " --input right=" + golden("chain_float_io.input0.npy"));
  CHECK(floats.code == 3);
  CHECK(has(floats.err, "; of floats x: round(x / 0.05) + 4, saturated"));
  const folder f;
  const array doubles{octet::dtype::f64, octet::dims{1, 4, 4, 3},
                      std::vector<std::byte>(48 * sizeof(double))};
  REQUIRE(write_npy(f.file("doubles.npy"), doubles.view()));  // what numpy makes of numbers
  const ran wide = call(m + " --input right='" + f.file("doubles.npy") + "'");
  CHECK(wide.code == 3);
  CHECK(has(wide.err, "float64[1,4,4,3]"));
  CHECK(has(wide.err, "; of floats x: round(x / 0.05) + 4, saturated"));
  CHECK(one.out.empty());
  const ran three = call(m + " --input " + in0 + " --input " + in1 + " --input " + in0);
  CHECK(three.code == 2);
  CHECK(
      has(three.err, "octet: run 2: input 1 (\"right\", int8[1,4,4,3] scale 0.05 zero 4) needs "));
  const ran wrong = call(m + " --input wrong=" + in0);
  CHECK(wrong.code == 2);
  CHECK(has(wrong.err, "unknown input name \"wrong\" (the model's: \"left\", \"right\")\n"));
  const ran output = call(m + " --input " + in0 + " --input " + in1 + " --output wrong=y.npy");
  CHECK(output.code == 2);
  CHECK(has(output.err, "unknown output name \"wrong\" (the model's: \"t9\", \"t10\")\n"));
}

TEST_CASE("run: files of several samples for several inputs and outputs, by order") {
  const std::string m = "run " + golden("chain_branches_two_inputs.tflite");
  const folder f;
  std::string options;
  for (const char* of : {"input0", "input1", "output0.ref", "output1.ref"}) {
    const auto one = read_npy(goldens + "chain_branches_two_inputs." + of + ".npy");
    REQUIRE(one);
    array two = *one;
    two.shape[0] = 2;
    two.bytes.insert(two.bytes.end(), one->bytes.begin(), one->bytes.end());
    const std::string file = f.file(std::string(of) + ".npy");
    REQUIRE(write_npy(file, two.view()));
    options += (of[0] == 'i' ? " --input '" : " --reference '") + file + "'";
  }
  const ran r = call(m + options);
  INFO(r.err);
  CHECK(r.code == 0);
  CHECK(has(r.out, "input0.npy[1]  \"left\"\n"));
  CHECK(has(r.out, "input1.npy[1]  \"right\"\n"));
  CHECK(has(r.out,
            "identical: 120 of 120 raw outputs  \"t9\"\n"
            "identical: 160 of 160 raw outputs  \"t10\"\n"));
}

namespace {

std::string text_of_file(const std::string& path) {
  const auto bytes = read_file(path);
  REQUIRE(bytes);
  return {reinterpret_cast<const char*>(bytes->data()), bytes->size()};
}
std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size()) ++n;
  return n;
}
nlohmann::json json_of(const std::string& text) {
  auto j = nlohmann::json::parse(text, nullptr, false);
  REQUIRE_FALSE(j.is_discarded());
  return j;
}
array digit(int i) {
  auto a = read_npy(digits + "digit_" + std::to_string(i) + ".input.npy");
  REQUIRE(a);
  return std::move(*a);
}
array scores(int i) {
  auto a = read_npy(digits + "digit_" + std::to_string(i) + ".output.ref.npy");
  REQUIRE(a);
  return std::move(*a);
}

}  // namespace

TEST_CASE("run prints every output: type, shape, name, range, first values") {
  const ran r = call("run " + golden("chain_float_io.tflite") + " --input " +
                     golden("chain_float_io.input0.npy"));
  CHECK(r.code == 0);
  const auto wanted = read_npy(goldens + "chain_float_io.output0.ref.npy");
  REQUIRE(wanted);
  float low = wanted->at<float>(0), high = low;
  for (std::size_t i = 0; i < wanted->elements(); ++i) {
    low = std::min(low, wanted->at<float>(i));
    high = std::max(high, wanted->at<float>(i));
  }
  char line[200];
  std::snprintf(
      line, sizeof line, "output  float32 [1,5,5,9]  \"scores\"  %.4g to %.4g: %.4g, %.4g, ",
      static_cast<double>(low), static_cast<double>(high),
      static_cast<double>(wanted->at<float>(0)), static_cast<double>(wanted->at<float>(1)));
  CAPTURE(r.out, line);
  CHECK(has(r.out, line));
  CHECK(has(r.out, ", ...\n"));
  const ran two = call("run " + golden("chain_branches_two_inputs.tflite") + " --input " +
                       golden("chain_branches_two_inputs.input0.npy") + " --input " +
                       golden("chain_branches_two_inputs.input1.npy"));
  CHECK(count_of(two.out, "output  int8 [") == 2);
}

TEST_CASE("run: several inputs or one batch are one run after another") {
  const folder f;
  const std::string model = "run '" + digits + "digits.tflite' ",
                    labels = " --labels '" + digits + "labels.txt' --top 1";
  const array three = stack_of({digit(3), digit(1), digit(4)}),
              wanted = stack_of({scores(3), scores(1), scores(4)});
  REQUIRE(write_npy(f.file("three.npy"), three.view()));
  REQUIRE(write_npy(f.file("wanted.npy"), wanted.view()));
  const std::string one = " --input '" + digits + "digit_";
  const std::string separate = one + "3.input.npy'" + one + "1.input.npy'" + one + "4.input.npy'";
  for (const std::string& inputs : {" --input '" + f.file("three.npy") + "'", separate}) {
    const ran r = call(model + inputs + labels + " --reference '" + f.file("wanted.npy") +
                       "' --output '" + f.file("y.npy") + "'");
    CHECK(r.code == 0);
    CHECK(r.err.empty());
    CHECK(has(r.out, "identical: 30 of 30 raw outputs\n"));
    const std::size_t a = r.out.find("top 1   three 0."), b = r.out.find("top 1   one 0."),
                      c = r.out.find("top 1   four 0.");
    CHECK(a < b);
    CHECK(b < c);
    CHECK(c != std::string::npos);
    CHECK(count_of(r.out, "law     ") == 1);
    CHECK(count_of(r.out, "output  ") == 3);
    const auto y = read_npy(f.file("y.npy"));
    REQUIRE(y);
    CHECK(y->shape == octet::dims{3, 10});
    CHECK(y->bytes == wanted.bytes);
  }
  // References one by one, the second of another digit.
  const std::string reference = " --reference '" + digits + "digit_";
  const ran r = call(model + separate + reference + "3.output.ref.npy'" + reference +
                     "7.output.ref.npy'" + reference + "4.output.ref.npy'");
  CHECK(r.code == 1);
  CHECK(has(r.out, " of run 2: "));
  CHECK_FALSE(has(r.out, "identical: 30 of 30"));
  const ran dump = call(model + separate + " --dump '" + f.file("dump") + "'");
  CHECK(dump.code == 2);
  CHECK(has(dump.err, "--dump holds one run, the inputs given make 3"));
  CHECK_FALSE(fs::exists(f.file("dump")));
}

TEST_CASE("run: a batch for an ONNX file that fixes its first axis") {
  const folder f;
  std::vector<array> inputs, outputs;
  for (const char* name : {"3", "1", "4"}) {
    auto x = read_npy(digits + "digit_" + name + ".input_nchw.npy");
    REQUIRE(x);
    inputs.push_back(std::move(*x));
    const std::string y = f.file(std::string(name) + ".npy");
    REQUIRE(call("run '" + digits + "digits.onnx' --input '" + digits + "digit_" + name +
                 ".input_nchw.npy' --output '" + y + "'")
                .code == 0);
    auto one = read_npy(y);
    REQUIRE(one);
    outputs.push_back(std::move(*one));
  }
  REQUIRE(write_npy(f.file("three.npy"), stack_of(inputs).view()));
  REQUIRE(write_npy(f.file("wanted.npy"), stack_of(outputs).view()));
  const std::string m = "run '" + digits + "digits.onnx' --input ";
  const ran r =
      call(m + "'" + f.file("three.npy") + "' --reference '" + f.file("wanted.npy") + "'");
  CHECK(r.code == 0);
  CHECK(has(r.out, "identical: 30 of 30 raw outputs\n"));
  CHECK(count_of(r.out, "output  ") == 3);
  CHECK(call("convert '" + digits + "digits.onnx' -o '" + f.file("d.octet") + "'").code == 0);
  const ran fixed = call("show '" + f.file("d.octet") + "' --shape x=1,1,9,9");
  CHECK(fixed.code == 3);
  CHECK(has(fixed.err, "supported: the shapes that a .octet file has fixed"));
}

TEST_CASE("run: .npy, .csv, .bin by ending, --raw for any name, other endings refused") {
  const folder f;
  const std::string model = "run '" + digits + "digits.tflite' ";
  const std::string reference = " --reference '" + digits + "digit_7.output.ref.npy'";
  const array x = digit(7), y = scores(7);
  REQUIRE(write_array(f.file("x.csv"), x.view()));
  REQUIRE(write_array(f.file("x.bin"), x.view()));
  REQUIRE(write_file(f.file("x.dat"), x.bytes));
  for (const char* name : {"x.csv", "x.bin"}) {
    const ran r = call(model + "--input '" + f.file(name) + "'" + reference + " --output '" +
                       f.file(std::string("y") + name) + "'");
    CAPTURE(name, r.err);
    CHECK(r.code == 0);
    CHECK(has(r.out, "identical: 10 of 10 raw outputs\n"));
  }
  const auto csv = read_array(f.file("yx.csv"), y.type, y.shape);
  REQUIRE(csv);
  CHECK(csv->bytes == y.bytes);
  CHECK(text_of_file(f.file("yx.bin")) ==
        std::string(reinterpret_cast<const char*>(y.bytes.data()), y.bytes.size()));
  CHECK(call(model + "--raw --input '" + f.file("x.dat") + "'" + reference).code == 0);

  const ran unknown = call(model + "--input '" + f.file("x.dat") + "'");
  CHECK(unknown.code == 2);
  CHECK(has(unknown.err, "x.dat: its ending is none of .npy, .csv, .bin; --raw takes"));
  const ran output =
      call(model + "--input '" + f.file("x.csv") + "' --output '" + f.file("y.txt") + "'");
  CHECK(output.code == 2);
  CHECK(has(output.err, "y.txt: its ending is none of .npy, .csv, .bin\n"));
  CHECK_FALSE(fs::exists(f.file("y.txt")));
  REQUIRE(write_file(f.file("short.bin"), "abc"));
  const ran cut = call(model + "--input '" + f.file("short.bin") + "'");
  CHECK(cut.code == 3);
  CHECK(has(cut.err,
            "short.bin: invalid: size of the array (found 3 elements, 3 bytes; supported: "));
  REQUIRE(write_file(f.file("bad.csv"), "1,2\n3,300\n"));
  const ran bad = call(model + "--input '" + f.file("bad.csv") + "'");
  CHECK(bad.code == 3);
  CHECK(has(bad.err, "bad.csv: malformed: csv: line 2 (found 300; supported: numbers of type "));
}

TEST_CASE("run: files after the model are inputs by their endings") {
  const std::string d = "'" + digits;
  const ran r = call("run " + d + "digits.tflite' " + d + "digit_3.input.npy' " + d +
                     "digit_5.input.npy' --labels " + d + "labels.txt' --top 1");
  CHECK(r.code == 0);
  CHECK(has(r.out, "top 1   three 0."));
  CHECK(has(r.out, "top 1   five 0."));
}

TEST_CASE("run: a .pt file takes a batch, wrong names, and photos that say what became of them") {
  const folder f;
  const std::string d = "'" + digits, model = "run " + d + "digits.pt' ";
  const std::string input = " --input " + d + "digit_0.input_nchw.npy'";
  const ran two = call(model + input + " --input " + d + "digit_1.input_nchw.npy'");
  CHECK(two.code == 0);
  CHECK(count_of(two.out, "output  ") == 2);
  const ran wrong = call(model + "--input wrong=" + d + "digit_0.input_nchw.npy'");
  CHECK(wrong.code == 2);
  CHECK(has(wrong.err, "unknown input name \"wrong\" (the model's: \"x\")\n"));
  std::string bmp = "BM";  // 8 x 8, gray
  bmp.resize(54 + 8 * 24, '\x7f');
  const auto put = [&](std::size_t at, std::uint32_t v) { std::memcpy(bmp.data() + at, &v, 4); };
  put(10, 54), put(14, 40), put(18, 8), put(22, 8), put(26, 1 | 24 << 16), put(30, 0), put(46, 0);
  REQUIRE(write_file(f.file("p.bmp"), bmp));
  const auto x = read_npy(digits + "digit_0.input_nchw.npy");
  REQUIRE(x);
  std::string shape;
  for (std::int32_t e : x->shape) shape += (shape.empty() ? "" : ",") + std::to_string(e);
  load_options shaped;
  shaped.shapes = {{"", x->shape}};
  const auto g = load_model(digits + "digits.pt", shaped);
  REQUIRE(g);
  const std::string name = (*g)[g->inputs[0]].name;
  const std::string photo =
      model + "--shape " + name + "=" + shape + " --image '" + f.file("p.bmp") + "'";
  CHECK(has(call(photo).out, ", no --mean and --std: pixel / 255\n"));
  CHECK_FALSE(has(call(photo + " --mean 0.5").out, "no --mean"));
}

TEST_CASE("the same figures as data (--json), to a file or in place of the text") {
  const folder f;
  const std::string model = "'" + digits + "digits.tflite' ",
                    input = "--input '" + digits + "digit_7.input.npy' ";
  const ran r =
      call("run " + model + input + "--labels '" + digits + "labels.txt' --top 2 --reference '" +
           digits + "digit_7.output.ref.npy' --json '" + f.file("r.json") + "'");
  CHECK(r.code == 0);
  CHECK(has(r.out, "identical: "));
  const auto run = json_of(text_of_file(f.file("r.json")));
  CHECK(run["law"] == "tflite_ref");
  REQUIRE(run["runs"].size() == 1);
  CHECK(run["runs"][0]["inputs"][0]["from"] == "digit_7.input.npy");
  CHECK(run["runs"][0]["outputs"][0]["shape"] == nlohmann::json({1, 10}));
  CHECK(run["runs"][0]["outputs"][0]["first"].size() == 8);
  CHECK(run["runs"][0]["top"][0]["label"] == "seven");
  CHECK(run["references"][0]["identical"] == 10);
  const ran only = call("run " + model + input + "--json -");
  CHECK(json_of(only.out)["runs"].size() == 1);  // nothing else there

  const auto shown = json_of(call("show " + model + "--json -").out);
  const auto planned = json_of(call("show " + model + "--profile --json - --threads 1").out);
  const auto explained = json_of(call("explain " + model + "--json - --threads 1").out);
  CHECK(shown["totals"]["macs"].get<double>() > 1000);
  CHECK(shown["totals"]["macs"] == explained["totals"]["macs"]);
  CHECK(shown["totals"]["parameters"] == explained["totals"]["parameters"]);
  CHECK(shown["nodes"].size() == shown["totals"]["operators"]);
  CHECK_FALSE(shown.contains("plan"));
  CHECK(planned["plan"]["steps"].size() == explained["steps"].size());
  double macs = 0;
  for (const auto& s : explained["steps"]) macs += s["macs"].get<double>();
  CHECK(macs == explained["totals"]["macs"].get<double>());
  for (const auto& s : planned["plan"]["steps"]) CHECK(s["median_ms"].get<double>() > 0);
  for (const auto& l : planned["plan"]["arena"]) {
    CHECK(l["offset"].get<std::size_t>() + l["bytes"].get<std::size_t>() <=
          planned["plan"]["activation_bytes"].get<std::size_t>());
    for (const auto& o : planned["plan"]["arena"]) {  // the lives are the planner's
      const bool apart =
          o["tensor"] == l["tensor"] || o["first_step"] > l["last_step"] ||
          l["first_step"] > o["last_step"] ||
          o["offset"] >= l["offset"].get<std::size_t>() + l["bytes"].get<std::size_t>() ||
          l["offset"] >= o["offset"].get<std::size_t>() + o["bytes"].get<std::size_t>();
      CHECK(apart);
    }
  }
  CHECK(json_of(call("info --json -").out)["targets"][0] == "reference");
  CHECK(json_of(call("info --kernels --json -").out)["kernels"].size() > 100);
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
  const auto index = json_of(text_of_file(f.file("dump/index.json")));
  CHECK(index["tensors"].front()["name"] == "image");
  const auto& scores_row = index["tensors"].back();
  CHECK(scores_row["name"] == "scores");
  CHECK(scores_row["file"] == "5_scores.npy");
  CHECK(scores_row["type"] == "float32[1,5,5,9]");
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
  REQUIRE(write_file(f.file("x.npy"), "garbage that is no array"));
  refused(call("run " + model + " --input '" + f.file("x.npy") + "'"),
          "npy: does not begin as a .npy file");
  refused(call("run " + model + " --input " + input + " --reference " + input),
          "invalid: reference (found float32[1,5,5,3]; supported: float32[1,5,5,9], or several "
          "along axis 0)");
  refused(call("run " + model + " --input " + input + " --numerics pytorch_fbgemm"),
          "law for .tflite (found pytorch_fbgemm; supported: tflite_ref, tflite_xnnpack)");
  refused(call("run " + model + " --input " + input + " --numerics onnxruntime_as_written"),
          "law for .tflite (found onnxruntime_as_written; supported: tflite_ref, tflite_xnnpack)");
  refused(call("run " + model + " --input " + input + " --shape nobody=1,2"),
          "shape given for an input that does not exist");
}

TEST_CASE("bad usage: exit code 2") {
  const std::string model = golden("chain_float_io.tflite");
  const auto one_line = [&](const std::string& arguments, const std::string& text,
                            const std::string& environment = "") {
    const ran r = call(arguments, environment);
    INFO(r.err);
    CHECK(r.code == 2);
    CHECK(r.out.empty());
    CHECK(r.err.starts_with("octet: "));
    CHECK(count_of(r.err, "\n") == 1);
    CHECK(has(r.err, text));
  };
  one_line("", "no command; there are run, show, ");
  one_line("--nope", "--nope");
  one_line("run " + model + " --nope", "--nope");
  one_line("run " + model + " --top 0", "--top");
  one_line("info --nope", "; `octet info --help` lists what there is");
  one_line("bench " + model, "OCTET_NUM_THREADS", "OCTET_NUM_THREADS=abc ");
  one_line("run " + model + " --numerics nobody", "onnxruntime, onnxruntime_as_written");
  const std::string with_input = "run " + model + " --input " + golden("chain_float_io.input0.npy");
  one_line(with_input + " --mean 0.5", "--mean is for photographs");
  one_line(with_input + " --std 0.5", "--std is for photographs");
  one_line("run " + model + " --raw", "--raw is for arrays");
  one_line("convert " + model + " -o x.octet --threads 2", "--threads");
  one_line("bench-op relu --json - --csv -", "standard output takes one of them");
  const ran params = call(with_input + " --params p.params");
  CHECK(params.code == 3);
  CHECK(has(params.err, "a file of parameters (found p.params; supported: MXNet's -symbol.json"));
  const ran fly = call("fly -x");
  CHECK(fly.code == 2);
  CHECK(has(fly.err, "octet: no command \"fly\"; there are run, show, "));
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

TEST_CASE("what is no regular file is refused at once, wherever a file is named") {
  const folder f;
  const std::string model = golden("chain_float_io.tflite"),
                    input = golden("chain_float_io.input0.npy");
  const auto refused = [&](const std::string& arguments, const std::string& part) {
    const ran r = call(arguments, "timeout 20 ");
    CAPTURE(arguments, r.err);
    CHECK(r.code == 3);
    CHECK(has(r.err, part));
    CHECK(std::count(r.err.begin(), r.err.end(), '\n') == 1);
  };
  for (const char* name : {"m.tflite", "m.pt", "m.octet", "m", "x.npy", "p.png", "labels.txt"})
    REQUIRE(::mkfifo(f.file(name).c_str(), 0600) == 0);
  fs::create_directories(f.file("d.tflite"));
  fs::create_directories(f.file("d.npy"));
  for (const char* name : {"m.tflite", "m.pt", "m.octet", "m"})
    for (const char* command : {"run", "show", "explain", "bench", "show --plan"})
      refused(std::string(command) + " '" + f.file(name) + "'",
              std::string(name) + ": cannot read: not a regular file");
  refused("convert '" + f.file("m.pt") + "' -o '" + f.file("c.octet") + "'", "not a regular file");
  refused("codegen '" + f.file("m.pt") + "' -o '" + f.file("c.hpp") + "'", "not a regular file");
  refused("show '" + f.file("d.tflite") + "'", "d.tflite: cannot read: is a directory");
  refused("show /dev/zero", "/dev/zero: cannot read: not a regular file");
  const std::string run = "run " + model + " ";
  refused(run + "--input '" + f.file("x.npy") + "'", "x.npy: cannot read: not a regular file");
  refused(run + "--input '" + f.file("d.npy") + "'", "d.npy: cannot read: is a directory");
  refused(run + "--image '" + f.file("p.png") + "'", "p.png: cannot read: not a regular file");
  refused(run + "--image /dev/zero", "/dev/zero: cannot read: not a regular file");
  refused(run + "--input " + input + " --labels '" + f.file("labels.txt") + "'",
          "labels.txt: cannot read: not a regular file");
  refused(run + "--input " + input + " --reference '" + f.file("x.npy") + "'",
          "x.npy: cannot read: not a regular file");
  REQUIRE(::mkfifo(f.file("index.json").c_str(), 0600) == 0);
  refused("diff " + model + " --reference '" + f.path.string() + "'",
          "index.json: cannot read: not a regular file");
}

TEST_CASE("a full disk: exit code 3, no truncated file, older files stay whole") {
  const folder f;
  const std::string model = "'" + digits + "digits.tflite' ",
                    input = " --input '" + digits + "digit_7.input.npy'";
  const auto files = [&] { return std::distance(fs::directory_iterator(f.path), {}); };
  // No file may grow beyond 512 or 1024 bytes: writing fails in the middle, as on a full disk.
  const auto full = [&](const std::string& arguments) {
    const ran r = call(arguments, "trap '' XFSZ; ulimit -f 1; ");
    CAPTURE(arguments, r.err);
    CHECK(r.code == 3);
    CHECK(has(r.err, ": cannot write: File too large\n"));
    CHECK(count_of(r.err, "\n") == 1 + count_of(r.err, "octet: note: "));  // of a noisy machine
  };
  full("convert " + model + "-o '" + f.file("m.octet") + "'");
  full("codegen " + model + "-o '" + f.file("m.hpp") + "'");
  full("show " + model + "--dot '" + f.file("g.dot") + "'");
  full("bench " + model + "--repeat 200 --json '" + f.file("b.json") + "'");
  CHECK(files() == 0);
  REQUIRE(write_file(f.file("m.octet"), "what was there"));
  full("convert " + model + "-o '" + f.file("m.octet") + "'");
  CHECK(files() == 1);
  CHECK(fs::file_size(f.file("m.octet")) == 14);
  full("run " + model + input + " --dump '" + f.file("dump") + "'");
  CHECK_FALSE(fs::exists(f.file("dump/index.json")));
  for (const auto& written : fs::directory_iterator(f.file("dump")))
    CHECK(read_npy(written.path().string()));

  if (!fs::exists("/dev/full")) return;
  for (const std::string& arguments :
       {"show " + model, "run " + model + input, std::string("info"), std::string("--help"),
        std::string("--version"), "explain " + model, "bench --repeat 2 " + model}) {
    const ran r = call(arguments + " >/dev/full");
    CAPTURE(arguments, r.err);
    CHECK(r.code == 3);
    CHECK(has(r.err, "octet: standard output: cannot write: "));
  }
  CHECK(call("info >&-").code == 3);
}

TEST_CASE("names in messages are bounded and cannot command a terminal") {
  const ran r = call("show \"$(printf 'a\\033]0;x\\a.tflite')\"");
  CHECK(r.code == 3);
  CHECK(has(r.err, "octet: a\\x1b]0;x\\x07.tflite: cannot read: "));
  const ran usage = call("run " + golden("chain_float_io.tflite") +
                         " --numerics \"$(printf 'n\\033[2J%020000d' 0)\"");
  CHECK(usage.code == 2);
  CHECK(usage.err.find('\033') == std::string::npos);
  CHECK(usage.err.size() < 9000);
}

TEST_CASE("outputs that octet itself would not take are refused") {
  const folder f;
  const std::string model = golden("chain_float_io.tflite");
  const ran c = call("convert " + model + " -o '" + f.file("m.bin") + "'");
  CHECK(c.code == 2);
  CHECK(has(c.err, "m.bin: expected NAME.octet"));
  const ran g = call("codegen " + model + " -o '" + f.file("m.cpp") + "'");
  CHECK(g.code == 2);
  CHECK(has(g.err, "m.cpp: expected NAME.hpp"));
  CHECK(fs::is_empty(f.path));
}

TEST_CASE("show prints every line of the dialect, with --plan and --dot") {
  const folder f;
  const ran r = call("show " + golden("chain_float_io.tflite"));
  CHECK(r.code == 0);
  CHECK(has(r.out,
            "%0: float32[1,5,5,3] = input \"image\"\n%1: int8[1,5,5,3] scale 0.0157 zero -3 = "
            "qnn.quantize(%0), rounding AWAY\n"));
  CHECK(has(r.out, "qnn.conv2d(%1, const int8[9,3,3,3] scales[9] axis 0, const int32[9]"));
  CHECK(has(r.out, "qnn.requantize("));
  CHECK(has(r.out, "output \"scores\" = %5\n"));
  CHECK(has(r.out, "operators, "));
  CHECK(has(r.out, " parameters ("));
  CHECK(has(r.out, " MACs, "));
  const ran file =
      call("show " + golden("chain_float_io.tflite") + " --dot '" + f.file("g.dot") + "'");
  CHECK(file.code == 0);
  CHECK(file.out.empty());
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
  // Progress is for terminals; whether the machine is noisy is not known.
  CHECK((r.err.empty() || r.err.rfind("octet: note: the mean is ", 0) == 0));
  CHECK(has(r.out, "threads 1     repeat 7     number 2     warm-up "));
  CHECK(has(r.out,
            "\nExecution time summary:\n mean (ms)    median (ms)    max (ms)     min (ms)     std "
            "(ms)     p90 (ms)     p99 (ms)\n "));
  CHECK(has(r.out, "qnn.conv2d"));
  const std::string text = text_of_file(f.file("b.json"));
  for (const char* key : {"mean_ms", "median_ms", "max_ms", "min_ms", "std_ms", "p90_ms", "p99_ms",
                          "warm_up", "noisy", "times_ms", "target", "threads", "model", "per_op"})
    CHECK(has(text, std::string("\"") + key + "\": "));
  const std::size_t from = text.find("\"times_ms\": ["), to = text.find(']', from);
  CHECK(std::count(text.begin() + static_cast<std::ptrdiff_t>(from),
                   text.begin() + static_cast<std::ptrdiff_t>(to), ',') == 6);
}

TEST_CASE("run: the law that fits is found for a file that records no shapes") {
  const std::string d = "'" + digits;
  const ran r = call("run " + d + "digits.pt' --input " + d +
                     "digit_0.input_nchw.npy' --reference " + d + "digit_0.output.qnnpack.npy'");
  CHECK(r.code == 1);
  CHECK(has(r.out, "law pytorch_qnnpack gives identical outputs: --numerics pytorch_qnnpack\n"));
}

TEST_CASE("show --svg and --html draw every operator, with nothing from elsewhere") {
  const folder f;
  const std::string model = "show '" + digits + "digits.tflite' ";
  const ran svg = call(model + "--svg '" + f.file("g.svg") + "'", "PATH=/nonexistent ");
  CHECK(svg.code == 0);
  CHECK(svg.out.empty());
  const std::string picture = text_of_file(f.file("g.svg"));
  const auto g = load_model(digits + "digits.tflite");
  REQUIRE(g);
  CHECK(picture.rfind("<svg ", 0) == 0);
  CHECK(count_of(picture, "class=\"box\"") ==
        g->nodes.size() + g->inputs.size() + g->outputs.size());
  CHECK(has(picture, ">conv2d 3x3</text>"));
  CHECK(has(picture, " MACs</text>"));
  CHECK_FALSE(has(picture, "class=\"heat\""));

  const ran html = call(model + "--html '" + f.file("g.html") + "' --threads 1");
  CHECK(html.code == 0);
  CHECK(html.out.empty());
  const std::string page = text_of_file(f.file("g.html"));
  CHECK(page.rfind("<!DOCTYPE html>", 0) == 0);
  CHECK(count_of(page, "<svg ") == 3);
  CHECK(has(page, "Time by step"));
  CHECK(has(page, "Arena by step"));
  CHECK(has(page, "relu"));
  for (const char* from_elsewhere : {"<script", "src=", "href=", "url(", "@import"})
    CHECK_FALSE(has(page, from_elsewhere));
  CHECK(count_of(page, "http") == count_of(page, "http://www.w3.org/2000/svg"));
  const auto planned = json_of(call(model + "--plan --json -").out);
  CHECK(count_of(page, "class=\"heat\"") == planned["plan"]["steps"].size());
  const ran text = call(model + "--profile --threads 1");
  CHECK(text.code == 0);
  CHECK(has(text.out, " ms\n"));
}

TEST_CASE("pictures of more boxes than anybody reads are refused") {
  const folder f;
  auto g = load_model(digits + "digits.tflite");
  REQUIRE(g);
  g->outputs.assign(1 << 14, g->outputs[0]);
  REQUIRE(write_file(f.file("m.octet"), octet::import::write_octet(*g)));
  const std::string model = "show '" + f.file("m.octet") + "' ";
  for (const char* kind : {"--svg", "--html"}) {
    const ran r = call(model + kind + " '" + f.file("m.picture") + "'");
    CHECK(r.code == 3);
    CHECK(has(r.err, "too large: boxes of a picture"));
    CHECK_FALSE(fs::exists(f.file("m.picture")));
  }
  CHECK(call(model + "--dot '" + f.file("m.dot") + "'").code == 0);
}

TEST_CASE("pictures hold names as text, whatever they are") {
  const folder f;
  auto g = load_model(digits + "digits.tflite");
  REQUIRE(g);
  (*g)[g->inputs[0]].name = "<script>alert(1)</script>\x1b[2J\xff&";
  REQUIRE(write_file(f.file("m.octet"), octet::import::write_octet(*g)));
  const std::string model = "show '" + f.file("m.octet") + "' ";
  REQUIRE(call(model + "--html '" + f.file("m.html") + "' --svg '" + f.file("m.svg") + "'").code ==
          0);
  for (const char* name : {"m.html", "m.svg"}) {
    const std::string text = text_of_file(f.file(name));
    CHECK_FALSE(has(text, "<script"));
    CHECK(has(text, "&lt;script&gt;alert(1)"));
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find('\xff') == std::string::npos);
  }
  CHECK(call(model).out.find('\x1b') == std::string::npos);
  CHECK(json_of(call(model + "--json -").out)["nodes"].size() == g->nodes.size());
}

TEST_CASE("bench --compare measures two models in turns") {
  const folder f;
  const std::string a = "'" + digits + "digits.tflite'", b = golden("chain_float_io.tflite");
  const ran r = call("bench " + a + " --compare " + b +
                     " --threads 1 --repeat 9 --warm-up 2 --json '" + f.file("b.json") + "'");
  CHECK(r.code == 0);
  CHECK(has(r.out, "ratio of medians, chain_float_io.tflite / digits.tflite: 0."));
  CHECK(has(r.out, "repeat 9     number 1     warm-up 2\n"));
  const auto j = json_of(text_of_file(f.file("b.json")));
  for (const auto& side : {j, j["compare"]}) {
    CHECK(side["times_ms"].size() == 9);
    CHECK(side["min_ms"] <= side["median_ms"]);
    CHECK(side["median_ms"] <= side["p90_ms"]);
    CHECK(side["p90_ms"] <= side["p99_ms"]);
    CHECK(side["p99_ms"] == side["max_ms"]);  // of 9
    CHECK(side["noisy"].is_boolean());
  }
  CHECK(j["compare"]["ratio_of_medians"].get<double>() ==
        Approx(j["compare"]["median_ms"].get<double>() / j["median_ms"].get<double>()));
  CHECK(call("bench " + a + " --compare /nonexistent.tflite").code == 3);
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

TEST_CASE("bench-op times one operator on every target, after comparing it with the reference") {
  const folder f;
  const std::string small = "bench-op conv2d --x 1,6,5,8 --w 7,3,3,8 --type s8 --seconds 0 ";
  const ran r = call(small + "--target all --threads 1,2 --csv '" + f.file("t.csv") + "'");
  CHECK(r.code == 0);
  CHECK(has(r.out, "qnn.conv2d  int8[1,6,5,8], int8[7,3,3,8], int32[7] -> int8[1,6,5,7]"));
  CHECK(has(r.out, "  rounding DR  "));
  CHECK(has(r.out, "pad_top=1"));
  CHECK_FALSE(has(r.out, "DIFFERS"));
  const auto j = json_of(call(small + "--target all --threads 1,2 --json -").out);
  const auto targets = json_of(call("info --json -").out)["targets"];
  REQUIRE(j["results"].size() == 1);
  const auto& one = j["results"][0];
  CHECK(one["macs"] == 6 * 5 * 7 * 3 * 3 * 8);
  CHECK(one["rows"].size() == 2 * targets.size());
  for (const auto& row : one["rows"]) {
    CHECK(row["same_as_reference"] == true);
    CHECK(row["us"].get<double>() > 0);
    CHECK(row["us"] <= row["median_us"]);
  }
  CHECK(one["rows"][0]["kernel"] == "reference");
  CHECK(count_of(text_of_file(f.file("t.csv")), "\n") == 1 + 2 * targets.size());
  const auto law = [&](const std::string& name) {
    return std::string(
        json_of(call(small + "--law " + name + " --json -").out)["results"][0]["rounding"]);
  };
  CHECK(law("tflite_xnnpack") == "F");
  const auto strided =
      json_of(call(small + "--attr stride_h=2 --attr stride_w=2 --rounding RU --json -").out);
  CHECK(strided["results"][0]["rounding"] == "RU");
  CHECK(strided["results"][0]["macs"] == 3 * 3 * 7 * 3 * 3 * 8);
  const auto forms =
      json_of(call("bench-op softmax --x 2,9 --type u8 --forms --seconds 0 --json -").out);
  CHECK(forms["results"].size() >= 9);  // three outputs, three roundings
  // What has no products is held against memcpy.
  const auto moved = json_of(call("bench-op transpose --x 1,4,4,8 --seconds 0 --json -").out);
  CHECK(moved["results"][0]["rows"][0]["ceiling"].get<double>() > 0);
  CHECK(moved["results"][0]["rows"][0].contains("gbytes_per_s"));

  CHECK(call("bench-op no_such").code == 3);
  CHECK(has(call("bench-op no_such").err, "operator (found no_such; "));
  CHECK(call("bench-op conv2d --type f64").code == 3);
  CHECK(has(call("bench-op conv2d --x 1,6,5,8 --w 7,3,3,9").err, "channel count differs"));
  CHECK(has(call("bench-op conv2d --x 1,6,5,8 --attr strid=2").err, "strid"));
  for (const char* usage : {"--type s7", "--x 1,,2", "--w 1,1", "--attr a", "--law no",
                            "--rounding no", "--target no", "--threads 0"})
    CHECK(call(std::string("bench-op conv2d ") + usage).code == 2);
}

TEST_CASE("bench-op --vs xnnpack: XNNPACK's operator beside octet's, where the build has it") {
  const std::string conv =
      "bench-op conv2d --x 1,6,5,8 --w 7,3,3,8 --type s8 --threads 1,2 --seconds 0 --vs xnnpack ";
#if defined(OCTET_HAVE_XNNPACK)
  const auto rows = json_of(call(conv + "--law tflite_xnnpack --json -").out)["results"][0]["rows"];
  REQUIRE(rows.size() == 4);
  CHECK(rows[0]["library"] == "octet");
  for (std::size_t i : {2u, 3u}) {
    CHECK(rows[i]["library"] == "xnnpack");
    CHECK(rows[i]["target"] == "");
    CHECK(rows[i]["threads"] == i - 1);
    CHECK(rows[i]["same_as_reference"] == true);
    CHECK(rows[i]["us"].get<double>() > 0);
  }
  // Another rounding than XNNPACK's: its row says so, and is no failure.
  const ran other = call(conv + "--law tflite_ref --x 1,30,30,16 --w 16,3,3,16");
  CHECK(other.code == 0);
  CHECK(has(other.out, "  xnnpack "));
  for (const char* op : {"depthwise_conv2d --type s8", "depthwise_conv2d --type u8",
                         "conv2d --type u8", "add --type u8", "mul --type s8"}) {
    INFO(op);
    const auto j = json_of(call(std::string("bench-op ") + op +
                                " --x 1,7,7,8 --law "
                                "tflite_xnnpack --seconds 0 --vs xnnpack --json -")
                               .out);
    CHECK(j["results"][0]["rows"][1]["same_as_reference"] == true);
  }
  const ran none = call("bench-op softmax --type s8 --seconds 0 --vs xnnpack");
  CHECK(none.code == 3);
  CHECK(has(none.err, "qnn.softmax of int8 in XNNPACK"));
#else
  const ran without = call(conv);
  CHECK(without.code == 2);
  CHECK(has(without.err, "libxnnpack-dev"));
#endif
  const ran unknown = call("bench-op conv2d --vs blas");
  CHECK(unknown.code == 2);
  CHECK(has(unknown.err, "a library to compare with (found blas; supported: xnnpack)"));
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

TEST_CASE("a PyTorch file is known by its contents, whatever it is called") {
  const folder f;
  const auto bytes = read_file(digits + "digits.pt");
  REQUIRE(bytes);
  for (const char* name : {"m.pth", "m.ptl", "m.jit", "m.torchscript", "m", "m.bin", "m.onnx"}) {
    REQUIRE(write_file(f.file(name), std::span(*bytes)));
    const ran r =
        call("run '" + f.file(name) + "' --input '" + digits +
             "digit_4.input_nchw.npy' --reference '" + digits + "digit_4.output.fbgemm.npy'");
    CAPTURE(name, r.err);
    CHECK(r.code == 0);
  }
  // What is none says what it is, under each of PyTorch's names.
  for (const char* name : {"e.pt", "e.pth", "e.ptl", "e.jit"}) {
    REQUIRE(write_file(f.file(name), ""));
    CHECK(has(call("show '" + f.file(name) + "'").err, "an empty file"));
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
  CHECK(
      has(none.err, "index.json: cannot read: No such file or directory (supported: a folder of "));
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
