// docs/operators.md, one operator a line: what ops/list.hpp declares; then what each loader's rows
// take, and what becomes of it in the files of tests/goldens and examples/digits.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cctype>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "kernel_list.hpp"
#include "models.hpp"
#include "octet/import/mxnet.hpp"
#include "octet/import/onnx.hpp"
#include "octet/import/tflite.hpp"
#if defined(OCTET_TEST_TORCH)
#include "octet/import/torch.hpp"
#endif
#include "octet/ops/op.hpp"

namespace {

using namespace octet;

std::string join(const std::set<std::string>& list, const char* between = " ") {
  std::string s;
  for (const std::string& e : list) s += (s.empty() ? "" : between) + e;
  return s;
}

/// The framework's operator in a node's name: "CONV_2D #3", "CUSTOM name #3", "conv1
/// quantized::conv2d #3", "QLinearConv name".
std::string framework_operator(std::string_view format, const std::string& node) {
  std::istringstream words(node);
  std::string word;
  words >> word;
  if (word == "CUSTOM") words >> word;
  if (format == "pytorch")
    while (word.find("::") == std::string::npos && words >> word) {
    }
  return word;
}

/// Format -> the framework's operators -> octet's that they become.
std::map<std::string, std::map<std::string, std::set<std::string>>> importers() {
  std::map<std::string, std::map<std::string, std::set<std::string>>> made;
  for (const char* folder : {"/tests/goldens", "/examples/digits"})
    for (const auto& row : octet_test::read_manifest(std::string(OCTET_SOURCE_DIR) + folder)) {
      if (!octet_test::has_loader(row.format)) continue;
      const auto g = octet_test::load(row);
      if (!g) continue;
      for (const node& n : g->nodes)
        made[row.format][framework_operator(row.format, n.name)].insert(std::string(n.op->name));
    }
  return made;
}

std::string text(const operand_types& o) {
  if (o.is_like()) return "as input " + std::to_string(o.like_input());
  if (o.set() == all_types) return "any";
  std::string s;
  for (const dtype t : enumerators<dtype>)
    if (o.set().contains(t)) s += (s.empty() ? "" : "/") + std::string(name_of(t));
  return s;
}
std::string text(const op_def& op, const form& f) {
  const auto list = [](std::span<const operand_types> operands, bool more) {
    std::string s, last;
    std::size_t repeated = 0;
    const auto end = [&] {
      if (repeated > 1) s += " x " + std::to_string(repeated);
    };
    for (const operand_types& o : operands) {
      if (!o.given()) break;
      const std::string t = text(o);
      if (t == last) {
        ++repeated;
        continue;
      }
      end();
      s += (s.empty() ? "" : ", ") + t;
      last = t, repeated = 1;
    }
    end();
    return s + (more ? ", ..." : "");
  };
  std::string roundings;
  for (const rounding r : enumerators<rounding>)
    if (f.roundings.contains(r))
      roundings += (roundings.empty() ? "" : " ") + std::string(name_of(r));
  return list(f.in, op.max_inputs < 0) + " -> " + list(f.out, op.outputs < 0) + ": " + roundings;
}

/// What a loader takes, and what becomes of it.
struct format_rows {
  const char *title, *format;
  std::vector<std::string> operators;
};
std::vector<format_rows> formats() {
  return {
    {"TensorFlow Lite", "tflite", import::tflite_operators()},
#if defined(OCTET_TEST_TORCH)
        {"PyTorch", "pytorch", import::torch_operators()},
#endif
        {"ONNX", "onnx", import::onnx_operators()}, {"MXNet", "mxnet", import::mxnet_operators()},
  };
}

/// How nodes name it: without ONNX's domain.
std::string node_name(std::string_view format, const std::string& name) {
  return format == "onnx" ? name.substr(name.rfind(':') + 1) : name;
}

std::string kind_text(attribute_value::kind k) {
  switch (k) {
    case attribute_value::kind::real: return " r";
    case attribute_value::kind::integers: return "[]";
    case attribute_value::kind::reals: return " r[]";
    case attribute_value::kind::none:
    case attribute_value::kind::integer:
    case attribute_value::kind::text: break;
  }
  return {};
}

std::string page() {
  const auto made = importers();
  std::string s =
      "# Operators\n\n"
      "Made by the test run from ops/list.hpp (`./dev generate` writes it, `./dev test` "
      "says when it is stale). Formulas: docs/numerics.md. Which kernel runs a form on which "
      "target: `octet info --kernels`.\n\n"
      "`qnn.` operators work on quantized values and carry a rounding; the others move data or "
      "work on plain numbers. Forms: element types of inputs -> outputs: roundings. Attributes: "
      "names for `q::attr`; r: a real number, [] and r[]: lists.\n\n"
      "| operator | what | forms | optional inputs | attributes | SIMD kernel |\n"
      "| --- | --- | --- | --- | --- | --- |\n";
  for (const op_def* op : tools::operator_list()) {
    std::string forms, optional, attributes;
    for (const form& f : op->forms) forms += (forms.empty() ? "" : "; ") + text(*op, f);
    for (std::size_t i = 0; i < 32; ++i)
      if (op->optional.contains(i)) optional += (optional.empty() ? "" : " ") + std::to_string(i);
    for (const attribute_key& k : op->attributes.list())
      attributes += (attributes.empty() ? "" : " ") + std::string(k.name) + kind_text(k.type);
    s += "| " + std::string(op->name) + " | " + std::string(op->summary) + " | " + forms + " | " +
         optional + " | " + attributes + " | " +
         (op->kernel == kernel_id::none ? std::string() : std::string(name_of(op->kernel))) +
         " |\n";
  }
  for (const format_rows& f : formats()) {
    s += "\n## " + std::string(f.title) +
         "\n\nWhat the loader takes, and what becomes of it in the files of tests/goldens and "
         "examples/digits (nothing: in none of them, or worked out while loading).\n\n"
         "| operator | becomes |\n| --- | --- |\n";
    const auto found = made.find(f.format);
    for (const std::string& name : f.operators) {
      std::string becomes;
      if (found != made.end())
        if (const auto ops = found->second.find(node_name(f.format, name));
            ops != found->second.end())
          becomes = join(ops->second);
      s += "| " + name + " | " + becomes + " |\n";
    }
    if (std::string_view(f.format) != "tflite") continue;
    s += "\n### Refused\n\nThe schema's other builtin operators.\n\n"
         "| operator | why |\n| --- | --- |\n";
    for (const auto& [name, why] : import::tflite_refused_operators())
      s += "| " + name + " | " + why + " |\n";
  }
  return s;
}

}  // namespace

TEST_CASE("docs/operators.md is what the operator list says", "[docs]") {
  if (!octet_test::has_loader("pytorch")) return;  // a cross build without libzip can't say
  const std::string want = page();
  std::ofstream(std::string(OCTET_BINARY_DIR) + "/operators.md") << want;
  std::ifstream f(std::string(OCTET_SOURCE_DIR) + "/docs/operators.md");
  const std::string have{std::istreambuf_iterator<char>(f), {}};
  INFO("docs/operators.md is stale: ./dev generate");
  CHECK(have == want);
}

namespace {

std::string text_of_file(const std::string& path) {
  std::ifstream f(std::string(OCTET_SOURCE_DIR) + path);
  return {std::istreambuf_iterator<char>(f), {}};
}
/// From one heading of docs/numerics.md to the next of its rank.
std::string section(const std::string& page, const std::string& begin, const std::string& end) {
  const std::size_t from = page.find(begin), to = page.find(end);
  REQUIRE(from < to);
  REQUIRE(to != page.npos);
  return page.substr(from, to - from);
}
/// What lines are about: the words of a heading, before the colon of an item (of each of its
/// sentences), in the first cell of a table.
std::set<std::string> subjects(const std::string& text) {
  std::set<std::string> words;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::string about;
    if (line.starts_with("### ")) about = line.substr(4);
    if (line.starts_with("| ")) about = line.substr(2, line.find('|', 2) - 2);
    if (line.starts_with("- "))
      for (std::size_t at = 2, colon; (colon = line.find(": ", at)) != line.npos; at = colon + 2)
        about += " " + line.substr(line.rfind(". ", colon) < colon
                                       ? std::max(at, line.rfind(". ", colon) + 2)
                                       : at,
                                   colon - at);
    std::string word;
    for (const char ch : about + " ") {
      if (std::isalnum(static_cast<unsigned char>(ch)) || ch == '_')
        word += ch;
      else if (!word.empty())
        words.insert(std::exchange(word, {}));
    }
  }
  return words;
}

}  // namespace

TEST_CASE("docs/numerics.md has a line for every operator and every rounding", "[docs]") {
  const std::string page_of_formulas = text_of_file("/docs/numerics.md");
  const auto formulas = subjects(section(page_of_formulas, "\n## 5. ", "\n## 6. ")),
             roundings = subjects(section(page_of_formulas, "\n## 3. ", "\n## 4. "));
  for (const op_def* op : tools::operator_list()) {
    std::string name(op->name);
    if (name.starts_with("qnn.")) name.erase(0, 4);
    INFO("docs/numerics.md, section 5: no heading, item or row about the operator " << name);
    CHECK(formulas.count(name) == 1);
  }
  for (const rounding r : enumerators<rounding>) {
    if (r == rounding::none) continue;
    INFO("docs/numerics.md, section 3: no row of the table about the rounding " << name_of(r));
    CHECK(roundings.count(std::string(name_of(r))) == 1);
  }
}
