// Makes ONNX files in memory, field by field. For tests of the loader.
#ifndef OCTET_TESTS_ONNX_FILE_HPP_
#define OCTET_TESTS_ONNX_FILE_HPP_

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "octet/core/types.hpp"
#include "octet/import/onnx/fields.hpp"

namespace octet_test {

/// One protobuf message.
class proto {
 public:
  std::string bytes;

  proto& integer(std::uint32_t field, std::int64_t v) {
    varint(field << 3), varint(static_cast<std::uint64_t>(v));
    return *this;
  }
  proto& real(std::uint32_t field, float v) {
    varint(field << 3 | 5);
    char raw[4];
    std::memcpy(raw, &v, 4);
    bytes.append(raw, 4);
    return *this;
  }
  proto& text(std::uint32_t field, const std::string& v) {
    varint(field << 3 | 2), varint(v.size());
    bytes += v;
    return *this;
  }
  proto& message(std::uint32_t field, const proto& v) { return text(field, v.bytes); }
  proto& packed(std::uint32_t field, const std::vector<std::int64_t>& list) {
    proto p;
    for (std::int64_t v : list) p.varint(static_cast<std::uint64_t>(v));
    return text(field, p.bytes);
  }
  void varint(std::uint64_t v) {
    for (; v >= 128; v >>= 7) bytes += static_cast<char>(v | 128);
    bytes += static_cast<char>(v);
  }
};

namespace onnx {

namespace attribute_field = octet::onnx_model::attribute_field;
namespace dimension_field = octet::onnx_model::dimension_field;
namespace entry_field = octet::onnx_model::entry_field;
namespace function_field = octet::onnx_model::function_field;
namespace graph_field = octet::onnx_model::graph_field;
namespace model_field = octet::onnx_model::model_field;
namespace node_field = octet::onnx_model::node_field;
namespace opset_field = octet::onnx_model::opset_field;
namespace shape_field = octet::onnx_model::shape_field;
namespace tensor_field = octet::onnx_model::tensor_field;
namespace tensor_type_field = octet::onnx_model::tensor_type_field;
namespace type_field = octet::onnx_model::type_field;
namespace value_info_field = octet::onnx_model::value_info_field;

enum type : std::int64_t {
  f32 = 1,
  u8 = 2,
  s8 = 3,
  s16 = 5,
  s32 = 6,
  s64 = 7,
  boolean = 9,
  f16 = 10,
  int4 = 22
};

/// AttributeProto.AttributeType.
namespace attribute_type {
enum code : std::int64_t { real = 1, integer = 2, text = 3, tensor = 4, graph = 5, integers = 7 };
}

template <class T> std::string raw_of(const std::vector<T>& v) {
  return {reinterpret_cast<const char*>(v.data()), v.size() * sizeof(T)};
}
inline proto tensor(const std::string& name, std::int64_t data_type,
                    const std::vector<std::int64_t>& shape, const std::string& raw) {
  proto t;
  if (!shape.empty()) t.packed(tensor_field::dims, shape);
  return t.integer(tensor_field::data_type, data_type)
      .text(tensor_field::name, name)
      .text(tensor_field::raw_data, raw);
}
inline proto floats(const std::string& name, const std::vector<std::int64_t>& shape,
                    const std::vector<float>& v) {
  return tensor(name, f32, shape, raw_of(v));
}
inline proto bytes(const std::string& name, std::int64_t t, const std::vector<std::int64_t>& shape,
                   const std::vector<int>& v) {
  std::string raw;
  for (int b : v) raw += static_cast<char>(b);
  return tensor(name, t, shape, raw);
}

/// The version of the operators of ai.onnx.
inline proto opset_of(std::int64_t version) {
  return proto().text(opset_field::domain, "").integer(opset_field::version, version);
}

/// A graph that becomes a file.
class file {
 public:
  std::int64_t opset = 13, ir_version = 8;

  file& input(const std::string& name, std::int64_t t, const std::vector<std::int64_t>& shape) {
    graph_.message(graph_field::input, value(name, t, shape));
    return *this;
  }
  file& output(const std::string& name) {
    graph_.message(graph_field::output, proto().text(value_info_field::name, name));
    return *this;
  }
  file& constant(const proto& t) {
    graph_.message(graph_field::initializer, t);
    return *this;
  }
  file& node(const std::string& op, const std::vector<std::string>& in,
             const std::vector<std::string>& out, const std::vector<proto>& attributes = {},
             const std::string& domain = {}) {
    graph_.message(graph_field::node, node_of(op, in, out, attributes, domain));
    return *this;
  }
  static proto node_of(const std::string& op, const std::vector<std::string>& in,
                       const std::vector<std::string>& out,
                       const std::vector<proto>& attributes = {}, const std::string& domain = {}) {
    proto n;
    for (const auto& v : in) n.text(node_field::input, v);
    for (const auto& v : out) n.text(node_field::output, v);
    n.text(node_field::op_type, op);
    for (const auto& a : attributes) n.message(node_field::attribute, a);
    if (!domain.empty()) n.text(node_field::domain, domain);
    return n;
  }
  /// A function of domain "local".
  file& function(const std::string& name, const std::vector<std::string>& in,
                 const std::vector<std::string>& out, const std::vector<proto>& nodes,
                 std::int64_t of_opset = 13) {
    proto f;
    f.text(function_field::name, name).text(function_field::domain, "local");
    for (const auto& v : in) f.text(function_field::input, v);
    for (const auto& v : out) f.text(function_field::output, v);
    for (const auto& n : nodes) f.message(function_field::node, n);
    functions_.push_back(f.message(function_field::opset_import, opset_of(of_opset)));
    return *this;
  }
  /// The graph alone, as an attribute has it.
  const proto& graph() const { return graph_; }
  std::string str() const {
    proto m;
    m.integer(model_field::ir_version, ir_version).message(model_field::graph, graph_);
    m.message(model_field::opset_import, opset_of(opset));
    for (const proto& f : functions_) m.message(model_field::functions, f);
    return m.bytes;
  }
  /// Extents below 0 are open: -1 by the name "n", -2 by "n2", ...
  static proto value(const std::string& name, std::int64_t t,
                     const std::vector<std::int64_t>& shape) {
    proto dims;
    for (std::int64_t v : shape)
      dims.message(shape_field::dim,
                   v >= 0    ? proto().integer(dimension_field::dim_value, v)
                   : v == -1 ? proto().text(dimension_field::dim_param, "n")
                             : proto().text(dimension_field::dim_param, "n" + std::to_string(-v)));
    proto of_type;
    of_type.integer(tensor_type_field::elem_type, t).message(tensor_type_field::shape, dims);
    return proto()
        .text(value_info_field::name, name)
        .message(value_info_field::type, proto().message(type_field::tensor_type, of_type));
  }

 private:
  proto graph_;
  std::vector<proto> functions_;
};

inline proto attribute(const std::string& name, std::int64_t v) {
  return proto()
      .text(attribute_field::name, name)
      .integer(attribute_field::i, v)
      .integer(attribute_field::type, attribute_type::integer);
}
inline proto attribute(const std::string& name, float v) {
  return proto()
      .text(attribute_field::name, name)
      .real(attribute_field::f, v)
      .integer(attribute_field::type, attribute_type::real);
}
inline proto attribute(const std::string& name, const std::string& v) {
  return proto()
      .text(attribute_field::name, name)
      .text(attribute_field::s, v)
      .integer(attribute_field::type, attribute_type::text);
}
inline proto attribute(const std::string& name, const std::vector<std::int64_t>& v) {
  proto a;
  a.text(attribute_field::name, name);
  for (std::int64_t i : v) a.integer(attribute_field::ints, i);
  return a.integer(attribute_field::type, attribute_type::integers);
}

inline proto attribute(const std::string& name, const file& body) {
  return proto()
      .text(attribute_field::name, name)
      .message(attribute_field::g, body.graph())
      .integer(attribute_field::type, attribute_type::graph);
}

}  // namespace onnx
}  // namespace octet_test

#endif  // OCTET_TESTS_ONNX_FILE_HPP_
