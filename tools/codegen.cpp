#include "codegen.hpp"

#include <cstdio>
#include <map>

#include "octet/graph/verify.hpp"
#include "octet/ops/list.hpp"

namespace octet::tools {
namespace {
/// How C++ code names a rounding; name_of() gives its label.
std::string_view enumerator_text(rounding r) {
  switch (r) {
    case rounding::none: return "none";
    case rounding::doubling_high_half_away: return "doubling_high_half_away";
    case rounding::doubling_high_half_up: return "doubling_high_half_up";
    case rounding::wide_half_up: return "wide_half_up";
    case rounding::double_half_away: return "double_half_away";
    case rounding::float_half_even: return "float_half_even";
    case rounding::float_bias_half_even: return "float_bias_half_even";
    case rounding::float_zero_point_half_even: return "float_zero_point_half_even";
    case rounding::eight_bit_ratio_half_up: return "eight_bit_ratio_half_up";
    case rounding::divide_half_away: return "divide_half_away";
    case rounding::divide_half_even: return "divide_half_even";
    case rounding::reciprocal_half_even: return "reciprocal_half_even";
    case rounding::divide_truncate: return "divide_truncate";
    case rounding::xnnpack: return "xnnpack";
    case rounding::qnnpack: return "qnnpack";
    case rounding::aten: return "aten";
    case rounding::fused_multiply_add: return "fused_multiply_add";
    case rounding::tflite_optimized: return "tflite_optimized";
    case rounding::mxnet: return "mxnet";
    case rounding::onnxruntime: return "onnxruntime";
  }
  return no_enumerator;
}

std::string hex(double v) {  // exact
  char b[48];
  std::snprintf(b, sizeof b, "%a", v);
  return b;
}
std::string dtype_text(dtype t) {
  switch (t) {
    case dtype::f32: return "q::f32";
    case dtype::f64: return "q::f64";
    case dtype::s8: return "q::s8";
    case dtype::u8: return "q::u8";
    case dtype::s16: return "q::s16";
    case dtype::u16: return "q::u16";
    case dtype::s32: return "q::s32";
    case dtype::u32: return "octet::dtype::u32";
    case dtype::s64: return "q::s64";
    case dtype::u64: return "octet::dtype::u64";
    case dtype::boolean: return "q::boolean";
    case dtype::f16: return "octet::dtype::f16";
  }
  return "?";
}
std::string dims_text(const dims& d) {
  std::string s;
  for (int i = 0; i < d.rank; ++i) s += (i ? ", " : "") + std::to_string(d[i]);
  return s;
}
std::string affine_text(const tensor& t) {
  return t.scales.empty() ? "q::affine{}"
                          : "q::affine{" + hex(t.scales[0]) + ", " +
                                std::to_string(t.zero_points.empty() ? 0 : t.zero_points[0]) + "}";
}
std::string literal(std::string_view text) {
  std::string s = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      s += '\\', s += c;
    else if (c >= 32 && c < 127)
      s += c;
    else {
      char b[8];
      std::snprintf(b, sizeof b, "\\%03o", static_cast<unsigned char>(c));
      s += b;
    }
  }
  return s + "\"";
}
/// C++ name of an operator: operators are found in the list by name, so that new ones need nothing
/// here.
std::string operator_text(const op_def& op) {
  return "octet::typed::find(" + literal(op.name) + ")";
}

}  // namespace

result<generated> generate(const graph& g, const std::string& name,
                           const std::string& header_name) {
  const auto refuse = [&](std::string what, const node* n, const tensor* t,
                          std::string found = {}) {
    error_info e = unsupported(std::move(what), std::move(found));
    e.file = g.name;
    if (n) e.node = std::string(n->op->name) + " " + n->name;
    if (t) e.tensor = t->name;
    return e;
  };
  generated out;
  std::string blob, scales, body;
  std::map<tensor_id, std::string> constants;
  const auto bytes_text = [&](const tensor& t) {
    blob.resize(round_up(blob.size(), alignment), '\0');
    std::string c = "q::bytes_as(" + dtype_text(t.type) + ", weights + " +
                    std::to_string(blob.size()) + ", " + std::to_string(t.shape.elements().value) +
                    ")";
    blob.append(reinterpret_cast<const char*>(t.data.bytes.data()), t.data.bytes.size());
    return c;
  };
  // Bias scales and the like are never read: only the first two inputs' quantization is kept.
  const auto constant_text = [&](tensor_id id, bool quantized) {
    const tensor& t = g[id];
    std::string& s = constants[id];
    if (!s.empty()) return s;
    std::string c = bytes_text(t);
    if (quantized && t.scales.size() == 1) {
      c = "q::per_tensor(" + c + ", " + hex(t.scales[0]) + ", " +
          std::to_string(t.zero_points.empty() ? 0 : t.zero_points[0]) + ")";
    } else if (quantized && t.scales.size() > 1) {
      const std::string array = "scales_" + std::to_string(id);
      scales +=
          "inline constexpr double " + array + "[" + std::to_string(t.scales.size()) + "] = {";
      for (std::size_t i = 0; i < t.scales.size(); ++i)
        scales += (i ? ", " : "") + hex(t.scales[i]);
      scales += "};\n";
      c = "q::per_channel(" + c + ", " + array;
      bool zeros = false;
      for (std::int32_t z : t.zero_points) zeros |= z != 0;
      if (zeros) {
        scales += "inline constexpr std::int32_t zero_points_" + std::to_string(id) + "[" +
                  std::to_string(t.scales.size()) + "] = {";
        for (std::size_t i = 0; i < t.scales.size(); ++i)
          scales += (i ? ", " : "") +
                    std::to_string(t.zero_points.size() == 1 ? t.zero_points[0] : t.zero_points[i]);
        scales += "};\n";
        c += ", zero_points_" + std::to_string(id);
      }
      c += ")";
    }
    s = "q::shaped(" + c + ", {" + dims_text(t.shape) + "}, " +
        std::to_string(std::max(t.axis, 0)) + ")";
    return s;
  };
  for (tensor_id i : g.inputs) {
    const tensor& t = g[i];
    body += "  const auto t" + std::to_string(i) + " = g.input<q::tensor<" + dtype_text(t.type) +
            ", q::shape<" + dims_text(t.shape) + ">, " + affine_text(t) + ">>(" + literal(t.name) +
            ");\n";
  }
  for (std::size_t i = 0; i < g.tensors.size(); ++i) {
    const tensor& t = g.tensors[i];
    if (t.role != tensor::kind::state) continue;
    // The number keeps names apart.
    body += "  const auto t" + std::to_string(i) + " = g.state<q::tensor<" + dtype_text(t.type) +
            ", q::shape<" + dims_text(t.shape) + ">, " + affine_text(t) + ">>(" +
            literal(t.name + " #" + std::to_string(i));
    if (!t.data.bytes.empty()) body += ", " + bytes_text(t);
    body += ");\n";
  }
  for (const node& n : g.nodes) {
    for (const auto* list : {&n.in, &n.out})
      for (tensor_id t : *list) {
        if (t == no_tensor) continue;
        if (g[t].role != tensor::kind::constant && g[t].scales.size() > 1)
          return refuse("codegen of activations with several scales", &n, &g[t]);
      }
    std::string attrs;
    for (const auto& [key, value] : n.attrs.entries()) {
      if (key == "kept_float") continue;  // a reason for `explain`: nothing computes with it
      attrs += (attrs.empty() ? "" : ", ") + std::string("q::attr(") + literal(key) + ", ";
      if (const auto* i = std::get_if<std::int64_t>(&value))
        attrs += "std::int64_t{" + std::to_string(*i) + "}";
      else if (const auto* d = std::get_if<double>(&value))
        attrs += hex(*d);
      else if (const auto* l = std::get_if<std::vector<std::int64_t>>(&value)) {
        if (l->size() > 32)
          return refuse("codegen of attributes with more than 32 numbers", &n, nullptr, key);
        attrs += "std::initializer_list<std::int64_t>{";
        for (std::size_t k = 0; k < l->size(); ++k)
          attrs += (k ? ", " : "") + std::to_string((*l)[k]);
        attrs += "}";
      } else if (const auto* r = std::get_if<std::vector<double>>(&value)) {
        if (r->size() > 32)
          return refuse("codegen of attributes with more than 32 numbers", &n, nullptr, key);
        attrs += "std::initializer_list<double>{";
        for (std::size_t k = 0; k < r->size(); ++k) attrs += (k ? ", " : "") + hex((*r)[k]);
        attrs += "}";
      } else {
        return refuse("codegen of text attributes", &n, nullptr, key);
      }
      attrs += ")";
    }
    if (n.out.size() > 16 || n.in.size() > 32)
      return refuse("codegen of nodes with more than 32 inputs or 16 results", &n, nullptr);
    std::string types, ins;
    for (tensor_id t : n.out) {
      types += types.empty() ? "" : ", ";
      if (g[t].role == tensor::kind::state)
        types += "q::updates(" +
                 std::to_string(std::find(n.in.begin(), n.in.end(), t) - n.in.begin()) + ")";
      else
        types += "q::result_type(" + dtype_text(g[t].type) + ", " + affine_text(g[t]) + ")";
    }
    for (std::size_t i = 0; i < n.in.size(); ++i) {
      const tensor_id t = n.in[i];
      ins += ", ";
      if (t == no_tensor)
        ins += "q::absent";
      else if (g[t].role == tensor::kind::constant)
        ins += constant_text(t, i < 2 || g[t].scales.size() == 1);
      else
        ins += "t" + std::to_string(t);
    }
    if (g[n.out[0]].role == tensor::kind::state)
      return refuse("codegen of nodes whose first result is a state", &n, &g[n.out[0]]);
    const std::string first = "t" + std::to_string(n.out[0]);
    body += "  const auto " + first + " = g.node(" + operator_text(*n.op) + ", q::attrs(" + attrs +
            "), {" + types + "}, q::rounding::" + std::string(enumerator_text(n.round)) + ins +
            ");\n";
    std::size_t at = 0;  // among the results that are no states
    for (std::size_t i = 1; i < n.out.size(); ++i)
      if (g[n.out[i]].role != tensor::kind::state)
        body += "  const auto t" + std::to_string(n.out[i]) + " = g.result(" + first + ", " +
                std::to_string(++at) + ");\n";
  }
  std::string results;
  for (tensor_id t : g.outputs) {
    if (g[t].role == tensor::kind::constant)
      return refuse("codegen of constant outputs", nullptr, &g[t]);
    results +=
        (results.empty() ? "{t" : ", {t") + std::to_string(t) + ", " + literal(g[t].name) + "}";
  }
  std::size_t attributes = 0;
  for (const node& n : g.nodes) attributes += n.attrs.entries().size();
  // a graph has room for twelve attributes an operator (typed/network.hpp)
  const std::size_t capacity = std::max({std::size_t{16}, g.nodes.size() + 8, attributes / 12 + 8});
  const std::string note = "// Generated by octet codegen " OCTET_VERSION_STRING " from " +
                           octet::detail::one_line(g.name.substr(g.name.find_last_of('/') + 1)) +
                           ". Do not edit.\n";
  std::string guard = "OCTET_GENERATED_";
  for (char c : name) guard += static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  guard += "_HPP_";
  out.header = note + "#ifndef " + guard + "\n#define " + guard +
               "\n\n#include \"octet/typed/typed.hpp\"\n\nnamespace " + name +
               " {\n\nnamespace q = octet::typed;\nextern const unsigned char weights[" +
               std::to_string(blob.size() + 1) + "];   // in the source file beside this header\n" +
               scales +
               "\n/// The network. Operators, roundings and numbers are those of the model "
               "file.\ninline constexpr auto graph = [] {\n  q::builder<" +
               std::to_string(capacity) + "> g;\n" + body + "  return g.outputs({" + results +
               "});\n}();\n/// Ready to run; make it static. Its tensor types, arena and sizes are "
               "constants.\nusing net = q::compiled<graph, q::law::" +
               std::string(name_of(g.arithmetic)) + ">;\n\n}  // namespace " + name +
               "\n\n#endif  // " + guard + "\n";
  // A string literal: compilers read it 30 times faster than a list of numbers.
  std::string& s = out.source;
  s.reserve(blob.size() * 3);
  s = note + "#include \"" + header_name + "\"\n\nalignas(64) extern const unsigned char " + name +
      "::weights[" + std::to_string(blob.size() + 1) + "] =\n";
  for (std::size_t i = 0; i < blob.size() || i == 0; i += 128) {
    s += "  \"";
    for (std::size_t k = i; k < std::min(i + 128, blob.size()); ++k) {
      char b[8];
      std::snprintf(b, sizeof b, "\\%03o", static_cast<unsigned char>(blob[k]));
      s += b;
    }
    s += "\"\n";
  }
  s += "  ;\n";
  return out;
}

}  // namespace octet::tools
