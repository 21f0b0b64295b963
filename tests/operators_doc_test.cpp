// docs/operators.md, one operator a line: what ops/list.hpp declares, and the frameworks' operators
// that become it in the files of tests/goldens and examples/digits.
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "kernel_list.hpp"
#include "models.hpp"
#include "octet/ops/op.hpp"

namespace {

using namespace octet;

std::string join(const std::set<std::string>& list, const char* between = " ") {
  std::string s;
  for (const std::string& e : list) s += (s.empty() ? "" : between) + e;
  return s;
}

/// "conv1 quantized::conv2d" and "CONV_2D #3" without what tells nodes of one file apart.
std::string framework_operator(const std::string& node) {
  std::istringstream in(node);
  for (std::string word; in >> word;)
    if (word.find("::") != std::string::npos) return word;
  return node.substr(0, node.find(" #"));
}

/// IR operator -> format -> the framework's operators that become it.
std::map<std::string, std::map<std::string, std::set<std::string>>> importers() {
  std::map<std::string, std::map<std::string, std::set<std::string>>> users;
  for (const char* folder : {"/tests/goldens", "/examples/digits"})
    for (const auto& row : octet_test::read_manifest(std::string(OCTET_SOURCE_DIR) + folder)) {
      if (!octet_test::has_loader(row.format)) continue;
      const auto g = octet_test::load(row);
      if (!g) continue;
      for (const node& n : g->nodes)
        users[std::string(n.op->name)][row.format].insert(framework_operator(n.name));
    }
  return users;
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

std::string page() {
  const auto users = importers();
  std::string s =
      "# Operators\n\n"
      "Made by the test run from ops/list.hpp (`./dev generate` writes it, `./dev test` "
      "says when it is stale). Formulas: docs/numerics.md. Which kernel runs a form on which "
      "target: `octet info --kernels`.\n\n"
      "`qnn.` operators work on quantized values and carry a rounding; the others move data or "
      "work "
      "on plain numbers. Forms: element types of inputs -> outputs: roundings. The last columns "
      "name the frameworks' operators that become it in the files of tests/goldens and "
      "examples/digits.\n\n"
      "| operator | what | forms | optional inputs | SIMD kernel | TensorFlow Lite | PyTorch |\n"
      "| --- | --- | --- | --- | --- | --- | --- |\n";
  for (const op_def* op : tools::operator_list()) {
    std::string forms, optional;
    for (const form& f : op->forms) forms += (forms.empty() ? "" : "; ") + text(*op, f);
    for (std::size_t i = 0; i < 32; ++i)
      if (op->optional.contains(i)) optional += (optional.empty() ? "" : " ") + std::to_string(i);
    const auto by = [&](const char* format) {
      const auto u = users.find(std::string(op->name));
      if (u == users.end()) return std::string();
      const auto f = u->second.find(format);
      return f == u->second.end() ? std::string() : join(f->second);
    };
    s += "| " + std::string(op->name) + " | " + std::string(op->summary) + " | " + forms + " | " +
         optional + " | " +
         (op->kernel == kernel_id::none ? std::string() : std::string(name_of(op->kernel))) +
         " | " + by("tflite") + " | " + by("pytorch") + " |\n";
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
