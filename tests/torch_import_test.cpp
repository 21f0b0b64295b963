// The PyTorch loader: pickles, code, packed parameters, strides, and files made to hurt.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <random>

#include "octet/import/torch.hpp"
#include "octet/import/torch/emit.hpp"
#include "octet/import/torch/parser.hpp"
#include "octet/import/torch/pickle.hpp"
#include "octet/runtime/session.hpp"
#include "run_graph.hpp"
#include "torch_file.hpp"

using namespace octet;
using namespace octet_test;
namespace ts = octet::import::torchscript;

namespace {

std::string pickle_error(const std::string& bytes, std::size_t storage = 64) {
  ts::heap h;
  auto r = ts::unpickler(h, as_span(bytes), "data/", [&](const std::string& key) {
             return key == "0" ? storage : ts::no_storage;
           }).load();
  return r ? std::string() : r.error().message();
}
std::string code_error(const std::string& text) {
  ts::code_file f;
  auto s = ts::code_parser(text, "code/m.py", f).parse();
  return s ? std::string() : s.error().message();
}
result<graph> load(const torch_file& f,
                   std::vector<std::pair<std::string, dims>> shapes = {{"", dims{1, 4}}}) {
  import::torch_options o;
  o.shapes = std::move(shapes);
  return import::try_torch(as_span(f.bytes()), "m.pt", o);
}
std::string load_error(const torch_file& f) {
  auto g = load(f);
  return g ? std::string() : g.error().message();
}
torch_file program(const std::string& body) {
  torch_file f;
  f.code =
      "class M(Module):\n  training : bool\n  def forward(self: __torch__.M,\n    x: Tensor) -> "
      "Tensor:\n" +
      body;
  return f;
}
bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}
#define CHECK_HAS(text, part)    \
  do {                           \
    const std::string t_ = text; \
    INFO(t_);                    \
    CHECK(has(t_, part));        \
  } while (false)

}  // namespace

TEST_CASE("pickle: values") {
  ts::heap h;
  const std::string p = pickle()
                            .op("}(")
                            .text("a")
                            .integer(-5)
                            .text("b")
                            .op("K\x07")
                            .text("c")
                            .op("M")
                            .op(std::string("\x01\x02", 2))
                            .text("d")
                            .op(std::string("J\xff\xff\xff\xff", 5))
                            .text("e")
                            .real(-0.5)
                            .text("f")
                            .op("]q\x01(")
                            .op("\x88\x89Ne")
                            .text("g")
                            .op("h\x01")
                            .text("h")
                            .op(std::string("\x8a\x01\x80", 3))
                            .text("i")
                            .op("K\x01K\x02K\x03\x87")
                            .op("u")
                            .stop();
  auto r =
      ts::unpickler(h, as_span(p), "", [](const std::string&) { return ts::no_storage; }).load();
  REQUIRE(r);
  REQUIRE(r->is(ts::kind::dict));
  const auto& v = r->c->items;
  REQUIRE(v.size() == 18);
  CHECK(v[1].i == -5);
  CHECK(v[3].i == 7);
  CHECK(v[5].i == 0x201);
  CHECK(v[7].i == -1);
  CHECK(v[9].d == -0.5);
  REQUIRE(v[11].c->items.size() == 3);
  CHECK(v[11].c->items[0].b);
  CHECK(v[13].c == v[11].c);  // the memo gives the same list
  CHECK(v[15].i == -128);
  CHECK(v[17].c->items[2].i == 3);
}

TEST_CASE("pickle: what is refused") {
  CHECK_HAS(pickle_error(pickle().global("os", "system").stop()), "os.system");
  CHECK_HAS(pickle_error(pickle().global("builtins", "eval").text("1").op("\x85R").stop()),
            "allow-list");
  CHECK_HAS(pickle_error(pickle().global("torch", "FloatStorage").op(")R").stop()), "REDUCE");
  CHECK_HAS(pickle_error(pickle().op("]q").op(std::string("\0h\0a", 4)).stop()), "contains itself");
  CHECK_HAS(pickle_error(pickle()
                             .object("__torch__", "M")
                             .op("q")
                             .op(std::string("\0}", 2))
                             .text("x")
                             .op(std::string("h\0s", 3))
                             .build()
                             .stop()),
            "contains itself");
  CHECK_HAS(pickle_error(pickle().op("\x93").stop()), "0x93");
  CHECK_HAS(pickle_error("\x80\x04."), "protocol");
  CHECK_HAS(pickle_error(""), "ends before STOP");
  CHECK_HAS(pickle_error("\x80\x02."), "empty stack");
  CHECK_HAS(pickle_error(pickle().op("h\x09").stop()), "memo 9");
  CHECK_HAS(pickle_error(pickle().op("t").stop()), "MARK");
  CHECK_HAS(pickle_error(pickle().op("X\xff\xff\xff\x7f").stop()), "too much text");
  CHECK_HAS(pickle_error(pickle().op(std::string("X\x10\0\0\0ab", 7)).stop()), "inside a string");
  CHECK_HAS(pickle_error(pickle().op(std::string(1000, '(')).stop()), "MARK");
  std::string deep = "N";
  for (int i = 0; i < 1000; ++i) deep += "\x85";
  CHECK_HAS(pickle_error(pickle().op(deep).stop()), "nesting");
  CHECK_HAS(pickle_error(pickle().object("__torch__", "M").op("}b}b").stop()), "twice");
  CHECK_HAS(pickle_error(pickle().storage("Float", "0", 17).stop()),
            "smaller than");  // 64 bytes hold 16
  CHECK_HAS(pickle_error(pickle().storage("Float", "1", 1).stop()), "without data");
  CHECK_HAS(pickle_error(pickle().tensor("Float", "0", 16, {17}, {1}).stop()),
            "beyond its storage");
  CHECK_HAS(pickle_error(pickle().tensor("Float", "0", 16, {4, 4}, {5, 1}).stop()),
            "beyond its storage");
  CHECK_HAS(pickle_error(pickle().tensor("Float", "0", 16, {2}, {-1}).stop()),
            "size or stride of a tensor (found 2, -1;");
  CHECK_HAS(pickle_error(pickle().tensor("Float", "0", 16, {1 << 30, 1 << 30}, {0, 0}).stop()),
            "absurd");
  CHECK_HAS(pickle_error(
                pickle().tensor("Float", "0", 16, {INT64_MAX, INT64_MAX}, {INT64_MAX, 1}).stop()),
            "size or stride of a tensor");
  CHECK_HAS(pickle_error(pickle().tensor("Float", "0", 16, {1}, {1}, -1).stop()),
            "beyond its storage");
  CHECK_HAS(pickle_error(pickle().tensor("QInt8", "0", 16, {1}, {1}).stop()), "quantized");
  CHECK(pickle_error(pickle().tensor("Float", "0", 16, {4, 4}, {1, 4}).stop()).empty());
  // Every prefix of a good pickle is an error, never a crash.
  const std::string good = pickle().tensor("Float", "0", 16, {4, 4}, {1, 4}).stop();
  for (std::size_t n = 0; n + 1 < good.size(); ++n) CHECK(!pickle_error(good.substr(0, n)).empty());
}

TEST_CASE("code: outside the subset, with its line") {
  CHECK(code_error("def f(a: Tensor, b: List[int]=[1, -2], c: Optional[float]=None) -> Tuple[int, "
                   "int]:\n  x, y, = (a, 1.5e-05)\n  (m).forward(x, k=2, )\n  return x, y\n")
            .empty());
  CHECK(code_error("def f(x):\n  while x:\n    y : Optional[bool] = {\"a\": x, \"b\": (1, 2)}\n"
                   "  return {}\n")
            .empty());
  CHECK_HAS(code_error("def f(x):\n  y : int\n"), "expected '='");
  CHECK_HAS(code_error("def f(x):\n  y = {1, 2}\n"), "expected ':'");
  CHECK_HAS(code_error("def f(x):\n  y = {1: 2\n"), "bracket");
  CHECK(code_error("def f(x):\n  with x:\n    pass\n").empty());
  CHECK_HAS(code_error("def f(x):\n  with x as y:\n    pass\n"), "line 2");
  CHECK(code_error("def f(x):\n  def g():\n    return x\n  return x\n").empty());
  CHECK_HAS(code_error("def f(x):\n  def g(y):\n    return x\n"), "line 2");
  CHECK_HAS(code_error("def f(x):\n  def 1():\n    return x\n"), "a function's name");
  CHECK_HAS(code_error("def f(x):\n  return lambda: 0\n"), "line 2");
  CHECK_HAS(code_error("def f(x):\n  y = x + 1\n"), "line 2");
  CHECK_HAS(code_error("def f(x):\n  y = (1, 2\n"), "bracket");
  CHECK_HAS(code_error("def f(x):\n  y = \"abc\n"), "line 2");
  CHECK_HAS(code_error("import os\nos.system()\n"), "line 2");
  CHECK_HAS(code_error("def f(x):\n  1 = x\n"), "left side");
  CHECK_HAS(code_error("def f(x):\n  y = 99999999999999999999\n"), "number");
  CHECK_HAS(code_error("def f(x):\n   pass\n  pass\n"), "indentation");
  CHECK_HAS(
      code_error("def f(x):\n  y = " + std::string(5000, '[') + std::string(5000, ']') + "\n"),
      "within one another");
  CHECK_HAS(code_error("def f(x):\n  y = " + std::string(5000, '-') + "1\n"), "within one another");
  std::string chain = "def f(x):\n  y = x";
  for (int i = 0; i < 5000; ++i) chain += ".a";
  CHECK_HAS(code_error(chain + "\n"), "within one another");
  std::string blocks = "def f(x):\n", indent = "  ";
  for (int i = 0; i < 400; ++i, indent += ' ') blocks += indent + "if x:\n";
  CHECK_HAS(code_error(blocks + indent + "pass\n"), "nested too deeply");
  CHECK_HAS(code_error(std::string("def f(x):\n  y = \x01\n")), "line 2");
}

TEST_CASE("programs: evaluated, unrolled, inlined") {
  auto g =
      load(program("    n = annotate(List[int], [])\n    for i in range(3):\n      _0 = "
                   "torch.append(n, torch.mul(i, 2))\n    if torch.eq(torch.len(n), 3):\n      "
                   "scale = 0.5\n    else:\n      ops.prim.RaiseException(\"no\")\n"
                   "      scale = 0.25\n    q = torch.quantize_per_tensor(x, scale, n[2], 13)\n    "
                   "return torch.dequantize(q)\n"));
  REQUIRE(g);
  REQUIRE(g->nodes.size() == 2);
  CHECK((*g)[g->nodes[0].out[0]].scales == std::vector<double>{0.5});
  CHECK((*g)[g->nodes[0].out[0]].zero_points == std::vector<std::int32_t>{4});
  CHECK((*g)[g->inputs[0]].name == "x");
  CHECK((*g)[g->nodes[0].out[0]].name == "q");
}

TEST_CASE("programs: named tuples, outputs that are None, what is asked of a tensor") {
  torch_file f;
  f.code =
      "class Outputs(NamedTuple):\n  logits : Tensor\n  aux : Optional[Tensor]\nclass M(Module):\n "
      " training : bool\n  def forward(self: __torch__.M,\n    x: Tensor) -> __torch__.Outputs:\n"
      "    q = torch.quantize_per_tensor(x, 0.5, 4, 13)\n    if "
      "torch.__not__(ops.prim.is_quantized(q)):\n      ops.prim.RaiseException(\"no\")\n    "
      "else:\n      pass\n"
      "    if ops.prim.is_quantized(x):\n      ops.prim.RaiseException(\"no\")\n    else:\n      "
      "pass\n    o = __torch__.Outputs(torch.dequantize(q), None)\n    return "
      "__torch__.Outputs(o.logits, o.aux)\n";
  auto g = load(f);
  INFO((g ? std::string() : g.error().message()));
  REQUIRE(g);
  CHECK(g->outputs.size() == 1);
  CHECK(g->nodes.size() == 2);
  f.code.replace(f.code.find("o.logits, o.aux"), 15, "o.logits");
  CHECK_HAS(load_error(f), "__torch__.Outputs");  // one value too few
}

TEST_CASE("programs: while, dicts, annotated names, branches that data decides") {
  auto g = load(program(
      "    n : int = 8\n    _0 = torch.gt(n, 2)\n    while _0:\n      m = torch.floordiv(n, 2)\n"
      "      _0, n = torch.gt(m, 2), m\n    q = torch.quantize_per_tensor(x, 0.5, n, 13)\n"
      "    d = annotate(Dict[str, Tensor], {})\n    torch._set_item(d, \"late\", q)\n"
      "    return {\"out\": torch.dequantize(d[\"late\"]), \"aux\": x, \"out\": q}\n"));
  INFO((g ? std::string() : g.error().message()));
  REQUIRE(g);
  REQUIRE(g->outputs.size() == 2);  // a key that comes twice has one place
  CHECK((*g)[g->outputs[0]].zero_points == std::vector<std::int32_t>{2});
  CHECK((*g)[g->outputs[1]].name == "x");

  g = load(
      program("    m = float(torch.mean(x))\n    if torch.gt(m, 0.5):\n      y = torch.mul(x, "
              "2)\n      n = 3\n    else:\n      y = x\n      n = 3\n    return torch.reshape(y, "
              "[2, torch.sub(n, 1)])\n"));
  INFO((g ? std::string() : g.error().message()));
  REQUIRE(g);
  CHECK(std::any_of(g->nodes.begin(), g->nodes.end(),
                    [](const node& n) { return n.op->name == "select"; }));
  const char* condition = "    if torch.gt(float(torch.mean(x)), 0.5):\n";
  CHECK_HAS(load_error(program(condition + std::string("      n = 1\n    else:\n      n = 2\n    "
                                                       "return x\n"))),
            "decides more than tensors");
  CHECK_HAS(load_error(program(condition + std::string("      return x\n    else:\n      pass\n    "
                                                       "return x\n"))),
            "a return inside");
  CHECK_HAS(load_error(program("    l = [x]\n" + std::string(condition) +
                               "      _0 = torch.append(l, x)\n    else:\n      pass\n    return "
                               "l[0]\n")),
            "changes where the input's data decides");
  CHECK_HAS(load_error(program("    while torch.gt(float(torch.mean(x)), 0.5):\n      pass\n    "
                               "return x\n")),
            "while loop that depends");
  CHECK_HAS(load_error(program("    while True:\n      pass\n    return x\n")), "the limit work");
  CHECK_HAS(load_error(program("    return torch.reshape(x, [int(torch.mean(x))])\n")),
            "a whole number that depends");
}

TEST_CASE("programs: positions that the data decides, other extents in place") {
  const auto loaded = [](const std::string& body) {
    return load(program(body), {{"", dims{2, 2}}});
  };
  const auto outputs = [&](const std::string& body) {
    return octet_test::run_graph(loaded(body), std::vector<float>{1, 2, 3, 4});
  };
  using floats = std::vector<float>;
  CHECK(outputs("    return torch.index_put(x, [torch.argmax(x, 1)], torch.tensor(1.))\n") ==
        floats{1, 2, 1, 1});
  const auto many = loaded(
      "    i = torch.argmax(torch.add(torch.zeros([65, 2]), torch.mean(x)), 1)\n    return "
      "torch.index_put(x, [i], torch.tensor(1.))\n");
  REQUIRE_FALSE(many);
  CHECK_HAS(many.error().message(), "up to 64 positions");
  // x[:, 1] is doubled by a view that is transposed in place.
  const std::string view = "    t = torch.unsqueeze(x, 0)\n    _0 = torch.squeeze_(t, 0)\n";
  CHECK(outputs(view + "    _1 = torch.t_(t)\n    _2 = torch.mul_(torch.select(t, 0, 1), 2)\n    "
                       "return torch.add(x, t)\n") == floats{2, 7, 7, 16});
  // detach gives a tensor of its own: x keeps its axes.
  CHECK(outputs("    t = torch.detach(x)\n    _0 = torch.unsqueeze_(t, 0)\n    return "
                "torch.matmul(x, x)\n") == floats{7, 10, 15, 22});
}
TEST_CASE("programs: texts are keys, contexts and objects are the program's own") {
  const auto outputs = [](torch_file f, const std::string& more) {
    f.code += more;
    return octet_test::run_graph(load(f, {{"", dims{2, 2}}}), std::vector<float>{1, 2, 3, 4});
  };
  using floats = std::vector<float>;
  CHECK(
      outputs(program("    d = annotate(Dict[str, Tensor], {})\n    for i in range(3):\n      _0 = "
                      "torch._set_item(d, torch.format(\"o{}_{}\", i, True), torch.mul(x, i))\n    "
                      "_1 = torch._set_item(d, torch.percentFormat(\"p%d%%\", 7), x)\n    _2 = "
                      "torch.Delete(d, torch.join(\"_\", [\"o1\", \"True\"]))\n    return "
                      "torch.add(torch.mul(d[\"o2_True\"], torch.len(d)), d[\"p7%\"])\n"),
              "") == floats{7, 14, 21, 28});
  const std::string box =
      "class Box:\n  a : int\n  def __init__(self: __torch__.Box,\n    a: int) -> NoneType:\n    "
      "self.a = a\n    return None\n  def mul(self: __torch__.Box,\n    x: Tensor) -> Tensor:\n    "
      "self.a = torch.add(self.a, 1)\n    return torch.mul(x, self.a)\n";
  CHECK(
      outputs(program("    b = __torch__.Box.__new__(__torch__.Box)\n    _0 = (b).__init__(3, )\n  "
                      "  y = (b).mul(x, )\n    print(\"again\")\n    q, r, = torch.divmod(7, 4)\n  "
                      "  return torch.add(torch.add((b).mul(x, ), q), r)\n"),
              box) == floats{9, 14, 19, 24});
  const std::string with =
      "    c = __torch__.no_grad.__new__(__torch__.no_grad)\n    with c:\n      "
      "y = torch.neg(x)\n    return y\n";
  CHECK(outputs(program(with), "class no_grad:\n  prev : bool\n") == floats{-1, -2, -3, -4});
  CHECK(
      outputs(program("    y = torch.neg(x)\n    def __forked_function():\n      y = torch.mul(x, "
                      "2)\n      return torch.add(y, 1)\n    f = fork(__forked_function)\n    "
                      "return torch.sub(torch.wait(f), y)\n"),
              "") == floats{4, 7, 10, 13});
  torch_file autocast = program(
      "    c = __torch__.autocast.__new__(__torch__.autocast)\n    with c:\n      y = x\n    "
      "return "
      "y\n");
  autocast.code += "class autocast:\n  prev : bool\n";
  CHECK_HAS(load_error(autocast), "a with statement");
}
TEST_CASE("programs: inputs that are tuples of tensors") {
  torch_file f = program("    a, b, = x\n    return torch.sub(a, b)\n");
  const std::string one = "x: Tensor)";
  f.code.replace(f.code.find(one), one.size(), "x: Tuple[Tensor, Tensor])");
  const auto g = load(f, {{"x.0", dims{2, 2}}, {"x.1", dims{1, 2}}});
  REQUIRE(g);
  REQUIRE(g->inputs.size() == 2);
  CHECK((*g)[g->inputs[0]].name == "x.0");
  CHECK((*g)[g->inputs[1]].shape == dims{1, 2});
  const auto in_order = load(f, {{"", dims{2, 2}}, {"", dims{1, 2}}});
  REQUIRE(in_order);
  CHECK((*in_order)[in_order->inputs[1]].shape == dims{1, 2});
  const auto missing = load(f, {{"x.0", dims{2, 2}}});
  REQUIRE_FALSE(missing);
  CHECK_HAS(missing.error().message(), "\"x.1\"");
  f.code.replace(f.code.find("Tuple[Tensor, Tensor]"), 21, "List[Tensor]");
  CHECK_HAS(load_error(f), "type of input x (found List");
}
TEST_CASE("programs: what is changed in place is changed wherever it is known") {
  const auto outputs = [](const std::string& body) {
    return octet_test::run_graph(load(program(body), {{"", dims{2, 2}}}),
                                 std::vector<float>{1, 2, 3, 4});
  };
  using floats = std::vector<float>;
  CHECK(outputs("    _0 = torch.add_(x, 1)\n    return x\n") == floats{2, 3, 4, 5});
  CHECK(outputs("    l = [x]\n    y = torch.mul_(torch.add_(x, 1), 2)\n    return l[0]\n") ==
        floats{4, 6, 8, 10});
  CHECK(
      outputs("    y = torch.clone(x)\n    _0 = torch.mul_(x, 2)\n    return torch.add(x, y)\n") ==
      floats{3, 6, 9, 12});
  CHECK(
      outputs("    y = torch.dropout(x, 0.5, False)\n    _0 = torch.add_(y, 1)\n    return x\n") ==
      floats{2, 3, 4, 5});
  CHECK(outputs("    y = torch.clone(x)\n    _0 = torch.index_put_(y, [torch.gt(x, 2)], "
                "torch.tensor(0.5))\n    return torch.sub(y, x)\n") == floats{0, 0, -2.5f, -3.5f});
  CHECK(outputs("    m = torch.gt(torch.select(x, 1, 0), 2)\n    return torch.index_put(x, [m], "
                "torch.tensor([7., 8.]))\n") == floats{1, 2, 7, 8});
  CHECK(
      outputs("    if torch.gt(float(torch.mean(x)), 0.5):\n      y = torch.mul(x, 2)\n      _0 = "
              "torch.add_(y, 1)\n    else:\n      y = x\n    return y\n") == floats{3, 5, 7, 9});
  const auto refused = [](const std::string& body) {
    auto g = load(program(body), {{"", dims{2, 2}}});
    return g ? std::string() : g.error().message();
  };
  const std::string view = "    v = torch.select(x, 0, 0)\n";
  CHECK(outputs(view + "    _0 = torch.add_(x, 1)\n    return v\n") == floats{2, 3});
  CHECK(outputs(view + "    _0 = torch.add_(v, 1)\n    return torch.neg(x)\n") ==
        floats{-2, -3, -3, -4});
  CHECK(outputs("    a, b = torch.chunk(x, 2)\n    _0 = torch.neg_(a)\n    return "
                "torch.cat([b, x])\n") == floats{3, 4, -1, -2, 3, 4});
  // A view of a view, transposed; two writes, the later one over the earlier one.
  CHECK(outputs("    t = torch.transpose(x, 0, 1)\n    v = torch.select(t, 0, 1)\n"
                "    _0 = torch.fill_(v, 9)\n    _1 = torch.copy_(torch.select(x, 0, 1), v)\n"
                "    return torch.cat([t, x])\n") == floats{1, 9, 9, 9, 1, 9, 9, 9});
  // A copy is no view.
  CHECK(outputs("    t = torch.reshape(torch.transpose(x, 0, 1), [4])\n    _0 = torch.zero_(x)\n"
                "    return t\n") == floats{1, 3, 2, 4});
  CHECK_HAS(refused("    if torch.gt(float(torch.mean(x)), 0.5):\n      _0 = torch.add_(x, 1)\n    "
                    "else:\n      pass\n    return x\n"),
            "changes where the input's data decides");
  CHECK_HAS(refused("    return torch.index_put(x, [torch.gt(x, 2)], torch.tensor([1., 2.]))\n"),
            "as many as the mask has true elements");
  CHECK(outputs("    return torch.index_put(x, [torch.tensor([0])], torch.tensor(1.))\n") ==
        floats{1, 1, 3, 4});
  CHECK_HAS(refused("    return torch.index_put(x, [torch.tensor([2])], torch.tensor(1.))\n"),
            "index of aten::index_put");
  CHECK_HAS(refused("    return torch.masked_select(x, torch.gt(x, 2))\n"),
            "torch.where keeps the shape");
  CHECK(outputs("    p, b = torch._pack_padded_sequence(x, torch.tensor([2, 1]), True)\n    "
                "return p\n") == floats{1, 3, 2});
  CHECK_HAS(refused("    p, b = torch._pack_padded_sequence(x, torch.argmax(x, 1), True)\n    "
                    "return p\n"),
            "constant lengths");
}

TEST_CASE("programs: element types of inputs that the file does not record") {
  const auto typed = [](std::vector<std::pair<std::string, dtype>> types) {
    import::torch_options o;
    o.shapes = {{"x", dims{1, 4}}};
    o.types = std::move(types);
    return import::try_torch(as_span(program("    return torch.mul(x, x)\n").bytes()), "m.pt", o);
  };
  const auto type_of = [](const result<graph>& g) { return (*g)[g->inputs[0]].type; };
  for (const auto& types : {std::pair("x", dtype::s64), std::pair("", dtype::s32)}) {
    const auto g = typed({types});
    REQUIRE(g);
    CHECK(type_of(g) == types.second);
    CHECK((*g)[g->outputs[0]].type == types.second);
  }
  REQUIRE(typed({}));
  CHECK(type_of(typed({})) == dtype::f32);
  const auto other = typed({{"y", dtype::s64}}), whole = typed({{"x", dtype::u16}});
  REQUIRE(!other);
  REQUIRE(!whole);
  CHECK_HAS(other.error().message(), "an element type is given for an input that does not exist");
  CHECK_HAS(whole.error().message(), "element type of input x");
  const auto half = typed({{"x", dtype::f16}});
  REQUIRE(half);
  CHECK(type_of(half) == dtype::f16);
  CHECK((*half)[half->outputs[0]].type == dtype::f16);
}

TEST_CASE("programs: whether two values are one") {
  const std::string choice =
      "    if torch.IS(x, y):\n      z = torch.exp(x)\n    else:\n"
      "      z = torch.neg(x)\n    return z\n";
  const auto first_operator = [&](const std::string& before, const std::string& is) {
    std::string body = before + choice;
    body.replace(body.find("IS"), 2, is);
    const auto g = load(program(body));
    REQUIRE(g);
    REQUIRE(!g->nodes.empty());
    return std::string(g->nodes[0].op->name);
  };
  CHECK(first_operator("    y = x\n", "__is__") == "exp");
  CHECK(first_operator("    y = x\n", "__isnot__") == "neg");
  CHECK(first_operator("    y = torch.detach(torch.add(x, 0))\n", "__is__") == "add");
  CHECK(first_operator("    y = None\n", "__isnot__") == "exp");
}

TEST_CASE("programs: float16 rounds what float32 computes") {
  const auto outputs = [](const std::string& body) {
    return octet_test::run_graph(
        load(program("    h = torch.to(x, 5)\n" + body), {{"", dims{2, 2}}}),
        std::vector<float>{0.1f, 2049, 70000, -3});
  };
  using floats = std::vector<float>;
  const float tenth = 0x1.998p-4f, infinity = std::numeric_limits<float>::infinity();
  CHECK(outputs("    return torch.to(h, 6)\n") == floats{tenth, 2048, infinity, -3});
  CHECK(outputs("    return torch.to(torch.add(h, 0.1), 6)\n") ==
        floats{2 * tenth, 2048, infinity, -0x1.734p1f});
  CHECK(outputs("    y = torch.mul_(h, 0.5)\n    return torch.to(h, 6)\n") ==
        floats{tenth / 2, 1024, infinity, -1.5f});
  CHECK(outputs("    return torch.add(h, x)\n") == floats{tenth + 0.1f, 4097, infinity, -6});
  CHECK(outputs("    return torch.softmax(torch.mul(h, 0), 1, 6)\n")[0] == 0.5f);
  CHECK_HAS(load_error(program("    return torch.to(x, 15)\n")), "float32 to bfloat16");
}

TEST_CASE("programs: places of the largest elements, diagonals of Einstein sums") {
  const auto places = octet_test::run_graph<float, std::int64_t>(
      load(program("    v = torch.reshape(x, [1, 2, 2])\n    a, i = "
                   "torch.max_pool2d_with_indices(v, [2, 2], [1, 1])\n    return i\n"),
           {{"", dims{2, 2}}}),
      std::vector<float>{3, 7, 7, 1});
  CHECK(places == std::vector<std::int64_t>{1});  // the first of equal ones
  const auto outputs = [](const std::string& body) {
    return octet_test::run_graph(load(program(body), {{"", dims{2, 2}}}),
                                 std::vector<float>{1, 2, 3, 4});
  };
  CHECK(outputs("    return torch.einsum('ii->i', [x])\n") == std::vector<float>{1, 4});
  CHECK(outputs("    v = torch.reshape(x, [1, 1, 4])\n    return torch.max_unpool2d(v, "
                "torch.tensor([[[5, 0, 2, 3]]]), [2, 3])\n") ==
        std::vector<float>{2, 0, 3, 4, 0, 1});
  CHECK_HAS(load_error(program("    return torch.einsum('ii', [torch.zeros([2, 3])])\n")), "2, 3");
  CHECK_HAS(load_error(program("    v = torch.zeros([1, 1, 9, 9])\n    a, i = "
                               "torch.max_pool2d_with_indices(torch.add(v, torch.mean(x)), "
                               "[9, 9])\n    return i\n")),
            "at most 64");
  CHECK_HAS(load_error(program("    v = torch.zeros([1, 1, 99])\n    a, i = "
                               "torch.max_pool1d_with_indices(torch.add(v, torch.mean(x)), "
                               "[65])\n    return i\n")),
            "at most 64");
}

TEST_CASE("programs: powers, indices of several axes, pools of volumes, projected states") {
  const auto outputs = [](const std::string& body, const std::vector<float>& x) {
    return octet_test::run_graph(load(program(body), {{"", dims{2, 2}}}), x);
  };
  CHECK(outputs("    return torch.pow(x, 1.5)\n", {1, 4, 9, 2.25f}) ==
        std::vector<float>{1, 8, 27, 3.375f});
  CHECK(outputs("    return torch.pow(2, x)\n", {0, 1, -1, 3}) ==
        std::vector<float>{1, 2, 0.5f, 8});
  CHECK(outputs("    a = torch.tensor([1, 0, -1])\n    b = torch.tensor([0])\n    return "
                "torch.index(x, [a, b])\n",
                {1, 2, 3, 4}) == std::vector<float>{3, 1, 3});
  CHECK(outputs("    v = torch.reshape(x, [1, 1, 2, 1, 2])\n    return torch.avg_pool3d(v, [2, 1, "
                "1], [1, 1, 1])\n",
                {1, 2, 3, 8}) == std::vector<float>{2, 5});
  CHECK(outputs("    v = torch.reshape(x, [1, 1, 1, 2, 2])\n    return torch.avg_pool3d(v, [1, 2, "
                "2], [1, 1, 1], [0, 1, 0])\n",
                {1, 3, 5, 7}) == std::vector<float>{1, 4, 3});
  // All gates are 1/2, the candidates 0; the projection sums the two states.
  const auto y = outputs(
      "    w = torch.zeros([8, 2])\n    u = torch.zeros([8, 1])\n    b = torch.zeros([8])\n"
      "    y, h, c = torch.lstm(torch.reshape(x, [2, 1, 2]), [torch.zeros([1, 1, 1]), "
      "torch.ones([1, 1, 2])], [w, u, b, b, torch.ones([1, 2])], True, 1, 0., False, False, "
      "False)\n    return y\n",
      {1, 2, 3, 4});
  const auto tanh = outputs("    return torch.tanh(x)\n", {0.5f, 0.25f, 0, 0});
  CHECK(y == std::vector<float>{tanh[0], tanh[1]});  // twice a half of it: exact
  CHECK_HAS(load_error(program("    return ops.quantized.conv2d_dynamic(x, x)\n")),
            "known only when it runs");
  CHECK_HAS(load_error(program("    return torch.index(x, [torch.gt(x, 0)])\n")),
            "a mask as index");
}

TEST_CASE("programs: traced numbers are constants without axes") {
  // CONSTANTS.c0: int64 2, CONSTANTS.c1: float64 0.3.
  torch_file f = program(
      "    n = torch.floor_divide(ops.prim.NumToTensor(torch.size(x, 1)), CONSTANTS.c0)\n    y = "
      "torch.add(torch.mul(x, CONSTANTS.c1), CONSTANTS.c0)\n    return torch.reshape(y, [2, "
      "int(n)])\n");
  f.constants = pickle()
                    .op("(")
                    .tensor("Long", "0", 1, {}, {})
                    .tensor("Double", "1", 1, {}, {})
                    .op("t")
                    .stop();
  const double factor = 0.3;
  f.more = {{"constants/0", std::string("\2\0\0\0\0\0\0\0", 8)},
            {"constants/1", std::string(reinterpret_cast<const char*>(&factor), 8)}};
  auto g = load(f);
  INFO((g ? std::string() : g.error().message()));
  REQUIRE(g);
  CHECK((*g)[g->outputs[0]].shape == dims{2, 2});
  std::vector<float> numbers;
  for (const octet::tensor& t : g->tensors)
    if (t.type == dtype::f32 && t.data.bytes.size() == 4) {
      numbers.push_back(0);
      std::memcpy(&numbers.back(), t.data.bytes.data(), 4);
    }
  CHECK(numbers == std::vector<float>{0.3f, 2.f});  // of the other operand's type
}

TEST_CASE("programs: what is refused") {
  CHECK_HAS(
      load_error(program(
          "    ops.prim.RaiseException(\"wrong shape\", \"builtins.ValueError\")\n    return x\n")),
      "wrong shape");
  const std::string all =
      load_error(program("    a = torch.foo(x)\n    b = ops.quantized.bar(a)\n    c = "
                         "torch.foo(b)\n    return torch.baz(x)\n"));
  CHECK_HAS(all, "aten::foo");
  CHECK_HAS(all, "aten::baz");
  CHECK_HAS(all, "line 5");
  CHECK_HAS(load_error(program("    if x:\n      pass\n    return x\n")),
            "depends on the input's data");
  CHECK_HAS(
      load_error(program("    for i in range(9223372036854775807):\n      pass\n    return x\n")),
      "the limit work");
  CHECK_HAS(
      load_error(program(
          "    l = [1]\n    for i in range(1000000):\n      l = torch.add(l, l)\n    return x\n")),
      "too large");
  CHECK_HAS(load_error(program("    return (self).forward(x, )\n")), "the limit depth");
  CHECK_HAS(load_error(program("    return y\n")), "nothing defines");
  CHECK_HAS(load_error(program("    return self.nothing\n")), "no attribute nothing");
  CHECK_HAS(load_error(program("    return CONSTANTS.c7\n")), "CONSTANTS");
  CHECK_HAS(load_error(program("    return torch.floordiv(1, 0)\n")), "division");
  CHECK_HAS(load_error(program("    return torch.quantize_per_tensor(x, 0., 0, 13)\n")), "scale");
  CHECK_HAS(load_error(program("    return torch.quantize_per_tensor(x, 1., 256, 13)\n")),
            "zero point");
  CHECK_HAS(load_error(program("    return torch.reshape(x, [3, -1])\n")), "extent");
  CHECK_HAS(
      load_error(program("    return torch.reshape(x, [2147483647, 2147483647, 2147483647])\n")),
      "extent");
  CHECK_HAS(load_error(program("    return torch.relu()\n")), "missing");
  CHECK_HAS(load_error(program("    return torch.relu(x, x, x)\n")), "arguments");
  CHECK_HAS(load_error(program("    return 5\n")), "an output of the model (found output: int;");
  CHECK_HAS(load_error(program("    return (x, torch.size(x, 1))\n")), "found output1: int;");
  auto g = load(program("    return x\n"), {});
  REQUIRE(!g);
  CHECK_HAS(g.error().message(), "--shape x=");
}

TEST_CASE("programs: messages name the parameter as the schema does") {
  CHECK_HAS(load_error(program("    return torch.addmm(x, x, x, alpha='1')\n")),
            "argument alpha of aten::addmm");
  CHECK_HAS(load_error(program("    return torch.relu(1)\n")), "argument self of aten::relu");
  CHECK_HAS(load_error(program("    return torch.hardtanh(x, '0')\n")),
            "argument min_val of aten::hardtanh");
  CHECK_HAS(load_error(program("    return torch.mv(x, 2)\n")), "argument vec of aten::mv");
  CHECK_HAS(load_error(program("    return torch.split_with_sizes(x, 'a')\n")),
            "argument split_sizes of aten::split_with_sizes");
  CHECK_HAS(load_error(program("    return ops.quantized.linear(x, 1, 1., 0)\n")),
            "argument W_prepack of quantized::linear");
}

TEST_CASE("a row that asks for a parameter its schema does not have makes nothing") {
  using ts::value;
  const ts::torch_row rows[] = {
      {"test::reads", "input, alpha=1",
       [](ts::emitter&, ts::arguments& a) -> result<value> {
         CHECK(a.first() == "input");
         CHECK(a.has("alpha"));
         CHECK(!a.has("beta"));
         return value::of(a.integer("alpha"));
       }},
      {"test::mistakes", "input, alpha=1", [](ts::emitter&, ts::arguments& a) -> result<value> {
         ts::arguments inner(a);
         CHECK(inner.none("beta"));
         CHECK(inner.tensor("beta") == nullptr);
         inner.replace("beta", value::of(true));
         return value::of(a.integer("alpha"));
       }}};
  ts::context c("m.pt", law::pytorch_fbgemm, {});
  ts::emitter e(c, rows, nullptr);
  const auto read = e.operation("test::reads", {value::of(true)}, {});
  REQUIRE(read);
  CHECK(read->i == 1);
  const auto mistaken = e.operation("test::mistakes", {value::of(true)}, {});
  REQUIRE(!mistaken);
  CHECK_HAS(mistaken.error().message(), "beta is no parameter of test::mistakes");
}

// Every row with operands of every kind: what it reads before it looks closer. Deeper reads are
// those of files it takes.
TEST_CASE("programs: rows read the parameters that their schemas have") {
  static constexpr const char* firsts[] = {"x", "q", "[x, x]", "[q, q]", "[4]"};
  static constexpr const char* others[] = {"x",  "q",   "m",    "i",     "[x, x]", "[q]",
                                           "1",  "0",   "2",    "-1",    "0.5",    "True",
                                           "13", "[1]", "None", "False", "[1, 1]", "'constant'"};
  std::minstd_rand random(1);
  const auto one_of = [&](const auto& list) { return list[random() % std::size(list)]; };
  const auto error_of = [&](const std::string& name, std::size_t operands) {
    std::string call = (name.starts_with("aten::") ? "torch." : "ops.") + name;
    if (const std::size_t at = call.find("aten::"); at != std::string::npos) call.erase(at, 6);
    if (const std::size_t at = call.find("::"); at != std::string::npos) call.replace(at, 2, ".");
    for (std::size_t i = 0; i < operands; ++i)
      call += (i == 0 ? "(" : ", ") + std::string(i == 0 ? one_of(firsts) : one_of(others));
    const auto g = load(program("    q = torch.quantize_per_tensor(x, 0.5, 10, 13)\n"
                                "    i = torch.arange(4)\n    m = torch.gt(x, 0)\n    return " +
                                call + ")\n"),
                        {{"x", dims{1, 4, 6, 6}}});
    return g ? std::string() : g.error().message();
  };
  std::size_t loaded = 0;
  for (const std::string& name : import::torch_operators()) {
    bool any = false;
    for (std::size_t operands = 1; operands <= 14; ++operands) {
      std::string error = error_of(name, operands);
      if (has(error, " is missing")) continue;
      if (has(error, "arguments of " + name)) break;
      for (int k = 0; k < 8; ++k, error = error_of(name, operands)) {
        INFO(name << ": " << error);
        REQUIRE(!has(error, " is no parameter of "));
        any |= error.empty();
      }
    }
    loaded += any;
  }
  CHECK(loaded > 100);
}

namespace {

/// quantize, then linear with weights [2 out, 3 in] and bias [2] given by `packed` opcodes as
/// attribute p.
torch_file linear_file(const pickle& packed) {
  torch_file f = program(
      "    q = torch.quantize_per_tensor(x, 0.5, 10, 13)\n    p = self.p\n    return "
      "torch.dequantize(ops.quantized.linear(q, p, 0.25, 3))\n");
  f.state = "}X" + std::string("\1\0\0\0p", 5) + packed.s.substr(2) + "s";
  f.more = {{"data/w", std::string("\1\4\2\5\3\6", 6)},
            {"data/b", std::string("\0\0\x80\x3f\0\0\0\xc0", 8)}};  // columns first; 1, -2
  return f;
}

}  // namespace

TEST_CASE("strides are honoured") {
  pickle p;
  p.object("__torch__.torch.classes.quantized", "LinearPackedParamsBase")
      .qtensor("w", 6, {2, 3}, {1, 2}, 0.125)
      .tensor("Float", "b", 2, {2}, {1})
      .op("\x86")
      .build();
  auto g = load(linear_file(p), {{"x", dims{1, 3}}});
  INFO((g ? std::string() : g.error().message()));
  REQUIRE(g);
  const node* fc = nullptr;
  const node* re = nullptr;
  for (const node& n : g->nodes) {
    if (n.op->name == "qnn.fully_connected") fc = &n;
    if (n.op->name == "qnn.requantize") re = &n;
  }
  REQUIRE(fc);
  const auto w = (*g)[fc->in[1]].data.bytes;
  CHECK(std::vector<std::byte>(w.begin(), w.end()) ==
        std::vector<std::byte>{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}, std::byte{5},
                               std::byte{6}});
  REQUIRE(re);
  CHECK(re->round == rounding::fused_multiply_add);  // the weights have one scale
  REQUIRE(re->in.size() == 2);
  CHECK((*g)[re->in[1]].type == dtype::f32);
}

TEST_CASE("packed convolutions: versions 1, 2, 3") {
  // Weights [2,1,1,2], stride 1 2, padding 0 1, dilation 1 1, groups 1, no bias.
  const auto weight = [](pickle& p) -> pickle& {
    return p.qtensor("w", 4, {2, 1, 1, 2}, {2, 2, 2, 1}, 0.5);
  };
  const auto number = [](pickle& p, const char* key) -> pickle& {
    return p.tensor("Long", key, 1, {1}, {1});
  };
  for (int version = 1; version <= 3; ++version) {
    pickle p;
    p.object("__torch__.torch.classes.quantized", "Conv2dPackedParamsBase").op("(");
    if (version == 1) {
      weight(p).op("N");
      for (const char* pair : {"12", "01", "11"}) {
        p.op("](");
        for (int k = 0; k < 2; ++k) number(p, pair[k] == '0' ? "n0" : pair[k] == '1' ? "n1" : "n2");
        p.op("e");
      }
      number(p, "n1");
    } else if (version == 2) {
      p.text("2").op("](").tensor("Short", "c", 11, {11}, {1});
      weight(p).op("e](Ne");
    } else {
      p.integer(3).op("](");
      for (int v : {2, 1, 2, 0, 1, 1, 1, 0, 0, 1, 0}) p.integer(v);
      p.op("e](N");
      weight(p).op("Ne");
    }
    p.op("t").build();
    torch_file f = program(
        "    q = torch.quantize_per_tensor(x, 0.5, 10, 13)\n    p = self.p\n    return "
        "torch.dequantize(ops.quantized.conv2d(q, p, 0.25, 3))\n");
    f.state = "}X" + std::string("\1\0\0\0p", 5) + p.s.substr(2) + "s";
    std::string cfg;
    for (unsigned v : {2u, 1u, 2u, 0u, 1u, 1u, 1u, 0u, 0u, 1u, 0u}) put(cfg, v, 2);
    const auto integer = [](std::uint64_t v) {
      std::string s;
      put(s, v, 8);
      return s;
    };
    f.more = {{"data/w", "\1\2\3\4"},
              {"data/c", cfg},
              {"data/n0", integer(0)},
              {"data/n1", integer(1)},
              {"data/n2", integer(2)}};
    auto g = load(f, {{"x", dims{1, 1, 3, 4}}});
    INFO(version << " " << (g ? std::string() : g.error().message()));
    REQUIRE(g);
    bool found = false;
    for (const node& n : g->nodes)
      if (n.op->name == "qnn.conv2d") {
        found = true;
        CHECK(n.attrs.integer("stride_w") == 2);
        CHECK(n.attrs.integer("pad_left") == 1);
        CHECK((*g)[n.out[0]].shape == dims{1, 3, 3, 2});
      }
    CHECK(found);
    CHECK((*g)[g->outputs[0]].shape == dims{1, 2, 3, 3});
  }
}

TEST_CASE("archives: what is refused") {
  const auto error = [](const zip_writer& z) {
    const std::string b = z.finish();
    auto g = import::try_torch(as_span(b), "m.pt");
    return g ? std::string("accepted") : g.error().message();
  };
  const std::string text = "no archive at all";
  CHECK_HAS(import::try_torch(as_span(text), "m.pt").error().message(), "not a ZIP archive");
  CHECK_HAS(import::try_torch(std::string("/nonexistent/model.pt")).error().message(),
            "cannot read");
  const std::string old = "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j\xa8P\x19.";
  CHECK_HAS(import::try_torch(as_span(old), "m.pt").error().message(), "before PyTorch 1.6");
  for (const char* name : {"../evil", "m/../../evil", "/etc/passwd", "m\\evil", "C:evil"}) {
    zip_writer z;
    z.add("m/data.pkl", "x");
    z.add(name, "x");
    CHECK_HAS(error(z), "member name");
  }
  zip_writer twice;
  twice.add("m/data.pkl", "x");
  twice.add("m/data.pkl", "y");
  CHECK_HAS(error(twice), "one name");
  zip_writer bomb;
  bomb.add("m/data.pkl", std::string(64, 'x'), 1u << 30, 8);
  CHECK_HAS(error(bomb), "inflates suspiciously");
  zip_writer lie;
  lie.add("m/data.pkl", std::string(64, 'x'), 1u << 19, 0);
  CHECK_HAS(error(lie), "malformed");
  zip_writer damaged;  // not a deflate stream
  damaged.add("m/data.pkl", std::string(64, '\xff'), 128, 8);
  damaged.add("m/constants.pkl", "\x80\x02).");
  damaged.add("m/code/__torch__.py", "");
  CHECK_HAS(error(damaged), "malformed");
  zip_writer exported;
  exported.add("m/archive_format", "pt2");
  exported.add("m/models/model.json", "{}");
  CHECK_HAS(error(exported), ".pt2");
  zip_writer checkpoint;
  checkpoint.add("m/data.pkl", "\x80\x02}.");
  CHECK_HAS(error(checkpoint), "checkpoint");
  zip_writer package;
  package.add("m/.data/extern_modules", "torch");
  package.add("m/byteorder", "little");
  CHECK_HAS(error(package), "torch.package");
  const std::string empty;
  CHECK_HAS(import::try_torch(as_span(empty), "m.pt").error().message(), "an empty file");
  zip_writer other;
  other.add("word/document.xml", "<x/>");
  CHECK_HAS(error(other), "data.pkl is missing");
}

TEST_CASE("files that are not what they were taken for") {
  torch_file f = program("    return torch.fake_quantize_per_tensor_affine(x, 0.1, 0, 0, 255)\n");
  CHECK_HAS(load_error(f), "fake quantization");
  CHECK_HAS(load_error(f), "convert(");
  f = program("    o = torch.quantization.observer.foo\n    return torch.histc(x)\n");
  CHECK_HAS(load_error(f), "not converted");
  f = program("    return torch.some_float_operator(x)\n");
  CHECK_HAS(load_error(f), "a float model");
  CHECK_HAS(load_error(f), "aten::some_float_operator");
  f = program("    q = torch.quantize_per_tensor(x, 0.1, 0, 13)\n    return torch.foo(q)\n");
  CHECK(!has(load_error(f), "a float model"));
}

TEST_CASE("damaged files: an error or a graph, never more") {
  const std::filesystem::path folder =
      std::filesystem::path(OCTET_SOURCE_DIR) / "tests/goldens/torch";
  std::size_t files = 0, refused = 0;
  const std::pair<const char*, dims> cases[] = {{"conv2d_groups_dilation.pt", {1, 8, 6, 7}},
                                                {"linear_k7_n3_nobias_3d.pt", {2, 3, 7}},
                                                {"prelu.pt", {2, 3, 4, 5}}};
  for (const auto& [name, shape] : cases) {
    import::torch_options o;
    o.shapes = {{"", shape}};
    std::ifstream f(folder / name, std::ios::binary);
    const std::string good((std::istreambuf_iterator<char>(f)), {});
    REQUIRE(good.size() > 100);
    CHECK(import::try_torch(as_span(good), "m.pt", o));
    const std::size_t step = std::max<std::size_t>(good.size() / 150, 1);
    for (std::size_t n = 0; n < good.size(); n += step)
      refused += !import::try_torch(as_span(good.substr(0, n)), "m.pt", o);
    for (std::size_t n = 0; n < good.size(); n += step / 2 + 1) {
      std::string bad = good;
      bad[n] = static_cast<char>(bad[n] ^ (1 << (n % 8)));
      auto g = import::try_torch(as_span(bad), "m.pt", o);
      refused += !g;
      if (!g) CHECK(!g.error().message().empty());
    }
    ++files;
  }
  CHECK(files == 3);
  CHECK(refused > 200);
}
