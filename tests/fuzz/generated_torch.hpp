// TorchScript archives made up field by field: programs of the operators that octet has rows for,
// with arguments of the right and nearly the right kind, constants and packed parameters, calls,
// branches, loops and lists.
#ifndef OCTET_TESTS_FUZZ_GENERATED_TORCH_HPP_
#define OCTET_TESTS_FUZZ_GENERATED_TORCH_HPP_

#include <cstdio>
#include <functional>

#include "../torch_file.hpp"
#include "generated.hpp"

namespace octet_fuzz {

class torch_generator {
 public:
  struct program {
    std::string file;
    std::vector<std::pair<std::string, octet::dims>> shapes;
  };
  explicit torch_generator(choices& c) : c_(c) {}

  program make() {
    static constexpr octet::dims inputs[] = {{1, 4, 6, 5}, {1, 4, 6, 5}, {2, 4},     {3, 4, 5},
                                             {4},          {1, 4, 3, 3}, {1, 4, 17}, {}};
    program made;
    made.shapes = {{"", c_.of(inputs)}};
    octet_test::torch_file f;
    f.state = "}(";
    for (const constant& k : constants) add(f, k);
    f.state += "u";
    f.code =
        "class M(Module):\n  k : Final[int] = 2\n  def forward(self: __torch__.M,\n"
        "    x: Tensor) -> Tensor:\n";
    floats_ = {"x"};
    for (const constant& k : constants) f.code += line(std::string(k.name) + " = self." + k.name);
    for (std::int64_t i = c_.between(1, 5); i > 0; --i) f.code += statement();
    f.code += line("return " + (c_.one_in(4) ? "(" + tensor() + ", " + last_ + ")" : last_));
    if (c_.one_in(6))
      f.code += "  def again(self: __torch__.M,\n    x: Tensor) -> Tensor:\n" +
                line("return torch.relu(x)");
    made.file = f.bytes();
    return made;
  }

 private:
  /// Tensors of the module: float32 but for `i`.
  struct constant {
    const char* name;
    std::vector<std::int64_t> size;
  };
  static inline const std::vector<constant> constants = {
      {"a", {4}}, {"b", {5}}, {"m", {5, 4}}, {"f", {5, 4, 3, 3}}, {"g", {4, 1, 3, 3}}, {"i", {3}}};

  void add(octet_test::torch_file& f, const constant& k) {
    std::int64_t n = 1;
    for (std::int64_t e : k.size) n *= e;
    const bool whole = *k.name == 'i';
    octet_test::pickle p;
    p.s.clear();
    std::vector<std::int64_t> stride(k.size.size(), 1);
    for (std::size_t i = k.size.size(); i-- > 1;) stride[i - 1] = stride[i] * k.size[i];
    if (c_.one_in(60)) stride[0] = small();
    const auto list = [&](const std::vector<std::int64_t>& v) {
      p.op("(");
      for (std::int64_t e : v) p.integer(c_.one_in(200) ? small() : e);
      p.op("t");
    };
    p.text(k.name).global("torch._utils", "_rebuild_tensor_v2").op("(");
    p.storage(whole ? "Long" : "Float", k.name, n).integer(c_.one_in(100) ? small() : 0);
    list(k.size), list(stride);
    p.op("\x89").global("collections", "OrderedDict").op(")RtR");
    f.state += p.s;
    std::string bytes;
    if (whole) {
      for (std::int64_t i = 0; i < n; ++i)
        octet_test::put(bytes, std::uint64_t(c_.between(0, 3)), 8);
    } else {
      const auto e = elements(c_, octet::dtype::f32, static_cast<std::size_t>(n));
      bytes.assign(reinterpret_cast<const char*>(e.data()), e.size());
    }
    f.more.emplace_back(std::string("data/") + k.name, bytes);
  }

  /// One letter an argument: t float tensor, q quantized tensor, T and Q lists of them, w constant,
  /// o constant or None, i integer, d axis, I list of integers, P pair of small ones, r real, b
  /// bool, s scale, z zero point, y element type, n None, c packed convolution, l packed linear.
  struct row {
    const char* name;
    const char* arguments;
    char gives;
  };
  static std::span<const row> rows() {
    static constexpr row list[] = {
        {"torch.quantize_per_tensor", "tszy", 'q'},
        {"torch.quantize_per_tensor", "tszy", 'q'},
        {"torch.quantize_per_tensor", "tszy", 'q'},
        {"torch.dequantize", "q", 't'},
        {"ops.quantized.conv2d", "qcsz", 'q'},
        {"ops.quantized.conv2d_relu", "qcsz", 'q'},
        {"ops.quantized.linear", "qlsz", 'q'},
        {"ops.quantized.linear_relu", "qlsz", 'q'},
        {"ops.quantized.linear_dynamic", "tlb", 't'},
        {"ops.quantized.add", "qqsz", 'q'},
        {"ops.quantized.add_relu", "qqsz", 'q'},
        {"ops.quantized.mul", "qqsz", 'q'},
        {"ops.quantized.add_scalar", "qr", 'q'},
        {"ops.quantized.mul_scalar", "qr", 'q'},
        {"ops.quantized.cat", "Qdsz", 'q'},
        {"ops.quantized.leaky_relu", "qrbsz", 'q'},
        {"ops.quantized.hardswish", "qsz", 'q'},
        {"ops.quantized.sigmoid", "qsz", 'q'},
        {"ops.quantized.elu", "qszr", 'q'},
        {"ops.quantized.softmax", "qdsz", 'q'},
        {"ops.quantized.batch_norm2d", "qwwwwrsz", 'q'},
        {"ops.quantized.layer_norm", "qIoorsz", 'q'},
        {"ops.quantized.group_norm", "qioorsz", 'q'},
        {"ops.quantized.instance_norm", "qoorsz", 'q'},
        {"ops.quantized.matmul", "qqsz", 'q'},
        {"ops.quantized.prelu", "qqsz", 'q'},
        {"torch.relu", "q", 'q'},
        {"torch.sigmoid", "q", 'q'},
        {"torch.tanh", "q", 'q'},
        {"torch.max_pool2d", "qPPPPb", 'q'},
        {"torch.avg_pool2d", "qPPPbb", 'q'},
        {"torch.adaptive_avg_pool2d", "qP", 'q'},
        {"torch.upsample_nearest2d", "qP", 'q'},
        {"torch.upsample_bilinear2d", "qPb", 'q'},
        {"torch.mean", "qIb", 'q'},
        {"torch.flatten", "qdd", 'q'},
        {"torch.reshape", "qI", 'q'},
        {"torch.permute", "qI", 'q'},
        {"torch.transpose", "qdd", 'q'},
        {"torch.slice", "qdiii", 'q'},
        {"torch.chunk", "qid", 'u'},
        {"torch.split", "qid", 'u'},
        {"torch.cat", "Qd", 'q'},
        {"torch.stack", "Qd", 'q'},
        {"torch.pad", "qI", 'q'},
        {"torch.channel_shuffle", "qi", 'q'},
        {"torch.pixel_shuffle", "qi", 'q'},
        {"torch.unsqueeze", "qd", 'q'},
        {"torch.squeeze", "qd", 'q'},
        {"torch.select", "qdi", 'q'},
        {"torch.clamp", "qrr", 'q'},
        {"torch.hardtanh", "qrr", 'q'},
        {"torch.add", "tti", 't'},
        {"torch.sub", "tri", 't'},
        {"torch.mul", "tt", 't'},
        {"torch.div", "tr", 't'},
        {"torch.maximum", "tt", 't'},
        {"torch.pow", "tr", 't'},
        {"torch.remainder", "tr", 't'},
        {"torch.floor_divide", "tt", 't'},
        {"torch.gt", "tr", 'u'},
        {"torch.where", "utt", 't'},
        {"torch.masked_fill", "tur", 't'},
        {"torch.threshold", "trr", 't'},
        {"torch.exp", "t", 't'},
        {"torch.log", "t", 't'},
        {"torch.sqrt", "t", 't'},
        {"torch.rsqrt", "t", 't'},
        {"torch.reciprocal", "t", 't'},
        {"torch.silu", "t", 't'},
        {"torch.mish", "t", 't'},
        {"torch.gelu", "t", 't'},
        {"torch.glu", "td", 't'},
        {"torch.softplus", "trr", 't'},
        {"torch.softmax", "tdn", 't'},
        {"torch.log_softmax", "tdn", 't'},
        {"torch.sum", "tIb", 't'},
        {"torch.std", "tIbb", 't'},
        {"torch.norm", "tiIb", 't'},
        {"torch.layer_norm", "tIoor", 't'},
        {"torch.group_norm", "tioor", 't'},
        {"torch.batch_norm", "twwwwbrrb", 't'},
        {"torch.conv2d", "tfoPPPi", 't'},
        {"torch.linear", "two", 't'},
        {"torch.matmul", "tt", 't'},
        {"torch.addmm", "ttt", 't'},
        {"torch.embedding", "wui", 't'},
        {"torch.max_pool2d", "tPPPPb", 't'},
        {"torch.avg_pool2d", "tPPPbb", 't'},
        {"torch.amax", "tIb", 't'},
        {"torch.argmax", "tdb", 'u'},
        {"torch.topk", "tidbb", 'u'},
        {"torch.sort", "tdb", 'u'},
        {"torch.cumsum", "tdn", 't'},
        {"torch.flip", "tI", 't'},
        {"torch.roll", "tII", 't'},
        {"torch.repeat", "tI", 't'},
        {"torch.expand", "tIb", 't'},
        {"torch.narrow", "tdii", 't'},
        {"torch.unflatten", "tdI", 't'},
        {"torch.movedim", "tII", 't'},
        {"torch.index_select", "tdu", 't'},
        {"torch.arange", "innnn", 'u'},
        {"torch.linspace", "rrinnnn", 't'},
        {"torch.zeros", "Innnn", 't'},
        {"torch.full", "Irnnnn", 't'},
        {"torch.meshgrid", "T", 'u'},
        {"torch.tensor", "Innb", 'u'},
        {"torch.einsum", "eT", 't'},
        {"torch.unbind", "td", 'u'},
        {"torch.to", "tybb", 't'},
        {"torch.lstm_cell", "tTmmww", 'u'},
        {"torch.gru_cell", "ttmmww", 't'},
        {"torch.scaled_dot_product_attention", "ttt", 't'},
    };
    return list;
  }

  std::int64_t small() {
    static constexpr std::int64_t odd[] = {-1,        -2,        7,       INT32_MAX,    INT32_MIN,
                                           INT64_MAX, INT64_MIN, 1 << 20, 4294967297LL, 100};
    return c_.one_in(30) ? c_.of(odd) : c_.between(0, 3);
  }
  std::string number() { return std::to_string(small()); }
  std::string real() {
    static const char* const odd[] = {"inf", "-inf", "1e-40", "3e38", "0.0", "-1.0"};
    if (c_.one_in(12)) return c_.of(odd);
    return text(static_cast<double>(c_.between(-16, 64)) / 16);
  }
  static std::string text(double v) {
    char s[40];
    std::snprintf(s, sizeof s, "%.9e", v);
    return s;
  }
  std::string tensor() {
    return c_.one_in(4) || last_.empty() ? c_.of(floats_)
           : c_.one_in(60)               ? std::string("None")
                                         : floats_.back();
  }
  /// Made from a float where there is none yet.
  std::string quantized() {
    if (!quantized_.empty() && !c_.one_in(8))
      return c_.one_in(3) ? c_.of(quantized_) : quantized_.back();
    return "torch.quantize_per_tensor(" + tensor() + ", " + argument('s') + ", " + argument('z') +
           ", 13)";
  }
  std::string list(std::size_t n, const std::function<std::string()>& each) {
    std::string s = "[";
    for (std::size_t i = 0; i < n; ++i) s += (i ? ", " : "") + each();
    return s + "]";
  }
  std::string argument(char what) {
    const auto n = static_cast<std::size_t>(c_.between(0, 4));
    switch (what) {
      case 't': return tensor();
      case 'q': return quantized();
      case 'u': return others_.empty() ? "i" : c_.of(others_);
      case 'T': return list(1 + n % 3, [&] { return tensor(); });
      case 'Q': return list(1 + n % 3, [&] { return quantized(); });
      case 'm': return "m";
      case 'f': return c_.one_in(2) ? "f" : "g";
      case 'w': return constants[static_cast<std::size_t>(c_.between(0, 5))].name;
      case 'o': return c_.one_in(2) ? "None" : c_.one_in(2) ? "a" : "b";
      case 'i': return c_.one_in(20) ? "None" : number();
      case 'd': return c_.one_in(20) ? number() : std::to_string(c_.between(-1, 2));
      case 'I': return list(n, [&] { return c_.one_in(4) ? "-1" : number(); });
      case 'P':
        return list(c_.one_in(20) ? n : 2, [&] { return std::to_string(c_.between(1, 2)); });
      case 'r': return real();
      case 'b': return c_.one_in(2) ? "True" : "False";
      case 's':
        return c_.one_in(60) ? real()
                             : text(std::ldexp(static_cast<double>(c_.between(64, 127)) / 64,
                                               -static_cast<int>(c_.between(2, 9))));
      case 'z': return c_.one_in(60) ? number() : std::to_string(c_.between(0, 127));
      case 'y': return c_.one_in(30) ? number() : c_.one_in(3) ? "12" : "13";
      case 'e': return c_.one_in(2) ? "'ij,kj->ik'" : "'bij,bjk->bik'";
      case 'c': {
        const bool deep = c_.one_in(2);
        return "ops.quantized.conv2d_prepack(torch.quantize_per_tensor(" +
               std::string(deep ? "g" : "f") + ", " + argument('s') + ", 0, 12), " +
               (c_.one_in(2) ? "None"
                : deep       ? "a"
                             : "b") +
               ", " + argument('P') + ", " +
               list(2, [&] { return std::to_string(c_.between(0, 1)); }) + ", " + argument('P') +
               ", " + (deep ? "4" : "1") + ")";
      }
      case 'l':
        return "ops.quantized.linear_prepack(torch.quantize_per_tensor(m, " + argument('s') +
               ", 0, 12), " + (c_.one_in(2) ? "None" : "b") + ")";
      default: return "None";
    }
  }
  static std::string line(const std::string& s, int indent = 4) {
    return std::string(static_cast<std::size_t>(indent), ' ') + s + "\n";
  }
  std::string assignment(int indent) {
    const row& r = c_.of(rows());
    std::string s = std::string(r.name) + "(";
    for (const char* a = r.arguments; *a; ++a) {
      if (c_.one_in(300)) continue;
      s += (a == r.arguments ? "" : ", ") + argument(c_.one_in(200) ? 'r' : *a);
    }
    const std::string name = "v" + std::to_string(count_++);
    if (r.gives == 'q')
      quantized_.push_back(name);
    else if (r.gives == 't')
      floats_.push_back(name);
    else
      others_.push_back(name);
    last_ = name;
    return line(name + " = " + s + ")", indent);
  }
  std::string statement() {
    if (!c_.one_in(12)) return assignment(4);
    switch (c_.between(0, 3)) {
      case 0: return line("for j in range(" + number() + "):") + assignment(6);
      case 1:
        return line("if torch.gt(" + number() + ", 1):") + assignment(6) + line("else:") +
               line("pass", 6);
      case 2: {
        const std::string name = "v" + std::to_string(count_++);
        floats_.push_back(name);
        return line(name + " = (self).again(" + tensor() + ", )");
      }
      default: {
        const std::string first = "v" + std::to_string(count_++),
                          second = "v" + std::to_string(count_++);
        floats_.push_back(first);
        last_ = first;
        return line(first + ", " + second + ", = torch.chunk(" + tensor() + ", 2, 1)");
      }
    }
  }

  choices& c_;
  std::vector<std::string> floats_, quantized_, others_;
  std::string last_ = "x";
  std::size_t count_ = 0;
};

}  // namespace octet_fuzz

#endif  // OCTET_TESTS_FUZZ_GENERATED_TORCH_HPP_
