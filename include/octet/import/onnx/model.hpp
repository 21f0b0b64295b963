// What an ONNX file holds, as plain structs: nodes, constants, inputs and outputs.
#ifndef OCTET_IMPORT_ONNX_MODEL_HPP_
#define OCTET_IMPORT_ONNX_MODEL_HPP_

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "octet/graph/graph.hpp"
#include "octet/import/common/error.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

/// Of operators that ONNX Runtime adds.
inline constexpr std::string_view microsoft_domain = "com.microsoft";

/// Element i of 8, 4 or 2 bits of those that begin at byte `first`: the file has the first in the
/// lowest bits of a byte.
inline std::uint8_t few_bits(std::span<const std::byte> bytes, std::size_t first, std::size_t i,
                             int bits) {
  const std::size_t bit = i * static_cast<std::size_t>(bits);
  const auto byte = std::to_integer<unsigned>(bytes[first + bit / 8]);
  return static_cast<std::uint8_t>((byte >> (bit % 8)) & ((1u << bits) - 1));
}
/// A tensor with its elements, in ONNX's order of axes.
struct array {
  dtype type = dtype::f32;
  dims shape{};
  constant_data data{};
  int narrow_bits = 0;  // 4 or 2: what the file's elements have, each of which is a byte here

  std::size_t elements() const { return shape.elements().value; }
  /// Elements of its own type T.
  template <class T> std::span<const T> as() const {
    return {reinterpret_cast<const T*>(data.bytes.data()), data.bytes.size() / sizeof(T)};
  }
  template <class T> static array of(std::span<const T> values, dims s) {
    return {dtype_of<T>, s, constant_data::of(values)};
  }
};

struct graph_part;
/// The newest opset of ai.onnx whose changes to the operators are known.
inline constexpr std::int64_t newest_opset = 28;

enum class attribute_kind : std::uint8_t {
  none,
  real,
  integer,
  text,
  tensor,
  graph,
  reals,
  integers,
  texts
};
constexpr std::string_view name_of(attribute_kind k) noexcept {
  switch (k) {
    case attribute_kind::none: return "nothing";
    case attribute_kind::real: return "a number";
    case attribute_kind::integer: return "an integer";
    case attribute_kind::text: return "a text";
    case attribute_kind::tensor: return "a tensor";
    case attribute_kind::graph: return "a graph";
    case attribute_kind::reals: return "a list of numbers";
    case attribute_kind::integers: return "a list of integers";
    case attribute_kind::texts: return "a list of texts";
  }
  return no_enumerator;
}

/// One attribute; which members count is the operator's business.
struct attribute {
  std::optional<float> real;
  std::optional<std::int64_t> integer;
  std::optional<std::string> text;
  std::optional<array> tensor;
  std::vector<float> reals;
  std::vector<std::int64_t> integers;
  std::vector<std::string> texts;
  std::shared_ptr<const graph_part> graph;
  bool unread = false;  // a list of graphs or tensors, a type
  /// In a function's body: the name of the call's attribute that stands here.
  std::string of_call;

  /// What it holds. Empty lists hold nothing.
  attribute_kind kind() const noexcept {
    return real                ? attribute_kind::real
           : integer           ? attribute_kind::integer
           : text              ? attribute_kind::text
           : tensor            ? attribute_kind::tensor
           : graph             ? attribute_kind::graph
           : !reals.empty()    ? attribute_kind::reals
           : !integers.empty() ? attribute_kind::integers
           : !texts.empty()    ? attribute_kind::texts
                               : attribute_kind::none;
  }
  bool may_be(attribute_kind k) const noexcept {
    return kind() == k || kind() == attribute_kind::none;
  }
};

/// Attributes that are of one kind whatever the operator is.
struct attribute_row {
  std::string_view name;
  attribute_kind kind;
};
inline constexpr attribute_row attribute_rows[] = {
    {"alpha", attribute_kind::real},
    {"auto_pad", attribute_kind::text},
    {"axes", attribute_kind::integers},
    {"axis", attribute_kind::integer},
    {"beta", attribute_kind::real},
    {"block_size", attribute_kind::integer},
    {"blocksize", attribute_kind::integer},
    {"ceil_mode", attribute_kind::integer},
    {"coordinate_transformation_mode", attribute_kind::text},
    {"count_include_pad", attribute_kind::integer},
    {"dilations", attribute_kind::integers},
    {"direction", attribute_kind::text},
    {"epsilon", attribute_kind::real},
    {"equation", attribute_kind::text},
    {"group", attribute_kind::integer},
    {"keepdims", attribute_kind::integer},
    {"kernel_shape", attribute_kind::integers},
    {"mode", attribute_kind::text},
    {"nearest_mode", attribute_kind::text},
    {"noop_with_empty_axes", attribute_kind::integer},
    {"output_dtype", attribute_kind::integer},
    {"output_padding", attribute_kind::integers},
    {"pads", attribute_kind::integers},
    {"perm", attribute_kind::integers},
    {"strides", attribute_kind::integers},
    {"transA", attribute_kind::integer},
    {"transB", attribute_kind::integer},
};

struct node {
  std::string op, domain, name;      // domain: empty for ai.onnx
  std::string overload;              // of a function
  std::vector<std::string> in, out;  // empty: absent
  std::map<std::string, attribute, std::less<>> attributes;
  /// Values of the graph around it that its subgraphs read: its last inputs.
  std::vector<std::string> captures;
  /// Why ONNX Runtime computes this node of a Q/DQ graph in float; empty: nothing is said.
  std::string kept_float;

  bool is(std::string_view o, std::string_view d = {}) const { return op == o && domain == d; }
  const attribute* find(std::string_view key) const {
    const auto it = attributes.find(key);
    return it == attributes.end() ? nullptr : &it->second;
  }
  std::int64_t integer(std::string_view key, std::int64_t otherwise) const {
    const attribute* a = find(key);
    return a ? a->integer.value_or(otherwise) : otherwise;
  }
  std::string text(std::string_view key, std::string otherwise) const {
    const attribute* a = find(key);
    return a ? a->text.value_or(std::move(otherwise)) : otherwise;
  }
  /// Input i, or empty where it is not given.
  const std::string& input(std::size_t i) const {
    static const std::string none;
    return i < in.size() ? in[i] : none;
  }
};

/// An input or output of the graph. Extents below 0 are open.
struct value_info {
  std::string name;
  std::optional<dtype> type;
  std::string type_name;  // as ONNX spells it
  bool has_shape = false;
  std::vector<std::int64_t> extents;
  std::vector<std::string> symbols;  // of open extents
  bool dequantized = false;          // of a subgraph: a value around it that DequantizeLinear gives
};

/// A graph, the model's own or an attribute's.
struct graph_part {
  std::vector<node> nodes;
  std::map<std::string, array> constants;
  std::vector<value_info> inputs, outputs;
  std::vector<value_info> between;  // shapes that the file says of other values
};
/// A function of the model's own: nodes that stand where it is called.
struct function {
  std::string name, domain, overload;
  std::vector<std::string> in, out;
  std::map<std::string, attribute, std::less<>> defaults;  // attributes that a call may leave out
  std::vector<node> nodes;
  std::int64_t opset = 0;  // of domain ai.onnx; 0: not said
};
struct model : graph_part {
  std::int64_t ir_version = 0, opset = 0;  // opset: of domain ai.onnx
  std::vector<function> functions;
};
/// Names that a graph reads and nothing in it gives, each once.
inline std::vector<std::string> free_names(const graph_part& g) {
  std::set<std::string_view> given{""};
  for (const value_info& v : g.inputs) given.insert(v.name);
  for (const auto& [name, a] : g.constants) given.insert(name);
  for (const node& n : g.nodes) given.insert(n.out.begin(), n.out.end());
  std::vector<std::string> list;
  const auto look = [&](const std::string& name) {
    if (given.insert(name).second) list.push_back(name);
  };
  for (const node& n : g.nodes)
    for (const std::string& name : n.in) look(name);
  for (const value_info& v : g.outputs) look(v.name);
  return list;
}
/// Makes what a node's graphs read from around them its last inputs.
inline void find_captures(node& n) {
  n.in.resize(n.in.size() - n.captures.size());
  n.captures.clear();
  std::set<std::string> once;
  for (const auto& [key, a] : n.attributes)
    if (a.graph)
      for (std::string& name : free_names(*a.graph))
        if (once.insert(name).second) n.captures.push_back(std::move(name));
  n.in.insert(n.in.end(), n.captures.begin(), n.captures.end());
}

/// TensorProto.DataType.
struct data_type_row {
  std::int32_t code;
  const char* name;
  std::optional<dtype> type;
};
inline constexpr data_type_row data_types[] = {
    {1, "FLOAT", dtype::f32},    {2, "UINT8", dtype::u8},
    {3, "INT8", dtype::s8},      {4, "UINT16", dtype::u16},
    {5, "INT16", dtype::s16},    {6, "INT32", dtype::s32},
    {7, "INT64", dtype::s64},    {8, "STRING", {}},
    {9, "BOOL", dtype::boolean}, {10, "FLOAT16", dtype::f16},
    {11, "DOUBLE", dtype::f64},  {12, "UINT32", dtype::u32},
    {13, "UINT64", dtype::u64},  {14, "COMPLEX64", {}},
    {15, "COMPLEX128", {}},      {16, "BFLOAT16", {}},
    {17, "FLOAT8E4M3FN", {}},    {18, "FLOAT8E4M3FNUZ", {}},
    {19, "FLOAT8E5M2", {}},      {20, "FLOAT8E5M2FNUZ", {}},
    {21, "UINT4", {}},           {22, "INT4", {}},
    {23, "FLOAT4E2M1", {}},      {24, "FLOAT8E8M0", {}},
    {25, "UINT2", {}},           {26, "INT2", {}},
};
/// What an attribute holds that names no type.
inline constexpr std::int64_t undefined_data_type = 0;
/// The code of a type by ONNX's name; another name does not compile.
consteval std::int64_t data_type_code(std::string_view name) {
  std::size_t row = 0;
  while (name != data_types[row].name) ++row;
  return data_types[row].code;
}
inline const data_type_row* find_data_type(std::int64_t code) {
  for (const data_type_row& r : data_types)
    if (r.code == code) return &r;
  return nullptr;
}
inline std::string data_type_name(std::int64_t code) {
  const data_type_row* r = find_data_type(code);
  return r ? r->name : "type " + std::to_string(code);
}
/// Elements that share a byte in the file: how many bits each has, and the type they are read as.
struct narrow_type {
  std::int64_t code;
  int bits;
  dtype type;
};
inline constexpr narrow_type narrow_types[] = {{data_type_code("UINT4"), 4, dtype::u8},
                                               {data_type_code("INT4"), 4, dtype::s8},
                                               {data_type_code("UINT2"), 2, dtype::u8},
                                               {data_type_code("INT2"), 2, dtype::s8}};
inline const narrow_type* find_narrow_type(std::int64_t code) {
  for (const narrow_type& t : narrow_types)
    if (t.code == code) return &t;
  return nullptr;
}
/// octet's element type, or an error that names ONNX's.
inline result<dtype> element_type(std::int64_t code, const std::string& of) {
  const data_type_row* r = find_data_type(code);
  if (r && r->type) return *r->type;
  return unsupported("element type of " + of, data_type_name(code),
                     "float, double, float16, integers of 8 to 64 bits, bool");
}

inline bool is_quantize(const node& n) {
  return n.op == "QuantizeLinear" && (n.domain.empty() || n.domain == microsoft_domain);
}
inline bool is_dequantize(const node& n) {
  return n.op == "DequantizeLinear" && (n.domain.empty() || n.domain == microsoft_domain);
}

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_MODEL_HPP_
