// Makes ONNX files in memory, field by field. For tests of the loader.
#ifndef OCTET_TESTS_ONNX_FILE_HPP_
#define OCTET_TESTS_ONNX_FILE_HPP_

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "octet/core/types.hpp"

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

enum type : std::int64_t {
  f32 = 1,
  u8 = 2,
  s8 = 3,
  s16 = 5,
  s32 = 6,
  s64 = 7,
  f16 = 10,
  int4 = 22
};

template <class T> std::string raw_of(const std::vector<T>& v) {
  return {reinterpret_cast<const char*>(v.data()), v.size() * sizeof(T)};
}
inline proto tensor(const std::string& name, std::int64_t data_type,
                    const std::vector<std::int64_t>& shape, const std::string& raw) {
  proto t;
  if (!shape.empty()) t.packed(1, shape);
  return t.integer(2, data_type).text(8, name).text(9, raw);
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

/// A graph that becomes a file.
class file {
 public:
  std::int64_t opset = 13, ir_version = 8;

  file& input(const std::string& name, std::int64_t t, const std::vector<std::int64_t>& shape) {
    graph_.message(11, value(name, t, shape));
    return *this;
  }
  file& output(const std::string& name) {
    graph_.message(12, proto().text(1, name));
    return *this;
  }
  file& constant(const proto& t) {
    graph_.message(5, t);
    return *this;
  }
  file& node(const std::string& op, const std::vector<std::string>& in,
             const std::vector<std::string>& out, const std::vector<proto>& attributes = {},
             const std::string& domain = {}) {
    graph_.message(1, node_of(op, in, out, attributes, domain));
    return *this;
  }
  static proto node_of(const std::string& op, const std::vector<std::string>& in,
                       const std::vector<std::string>& out,
                       const std::vector<proto>& attributes = {}, const std::string& domain = {}) {
    proto n;
    for (const auto& v : in) n.text(1, v);
    for (const auto& v : out) n.text(2, v);
    n.text(4, op);
    for (const auto& a : attributes) n.message(5, a);
    if (!domain.empty()) n.text(7, domain);
    return n;
  }
  /// A function of domain "local".
  file& function(const std::string& name, const std::vector<std::string>& in,
                 const std::vector<std::string>& out, const std::vector<proto>& nodes,
                 std::int64_t of_opset = 13) {
    proto f;
    f.text(1, name).text(10, "local");
    for (const auto& v : in) f.text(4, v);
    for (const auto& v : out) f.text(5, v);
    for (const auto& n : nodes) f.message(7, n);
    functions_.push_back(f.message(9, proto().text(1, "").integer(2, of_opset)));
    return *this;
  }
  /// The graph alone, as an attribute has it.
  const proto& graph() const { return graph_; }
  std::string str() const {
    proto m;
    m.integer(1, ir_version).message(7, graph_);
    m.message(8, proto().text(1, "").integer(2, opset));
    for (const proto& f : functions_) m.message(25, f);
    return m.bytes;
  }
  /// Extents below 0 are open: -1 by the name "n", -2 by "n2", ...
  static proto value(const std::string& name, std::int64_t t,
                     const std::vector<std::int64_t>& shape) {
    proto dims;
    for (std::int64_t v : shape)
      dims.message(1, v >= 0    ? proto().integer(1, v)
                      : v == -1 ? proto().text(2, "n")
                                : proto().text(2, "n" + std::to_string(-v)));
    return proto().text(1, name).message(
        2, proto().message(1, proto().integer(1, t).message(2, dims)));
  }

 private:
  proto graph_;
  std::vector<proto> functions_;
};

inline proto attribute(const std::string& name, std::int64_t v) {
  return proto().text(1, name).integer(3, v).integer(20, 2);
}
inline proto attribute(const std::string& name, float v) {
  return proto().text(1, name).real(2, v).integer(20, 1);
}
inline proto attribute(const std::string& name, const std::string& v) {
  return proto().text(1, name).text(4, v).integer(20, 3);
}
inline proto attribute(const std::string& name, const std::vector<std::int64_t>& v) {
  proto a;
  a.text(1, name);
  for (std::int64_t i : v) a.integer(8, i);
  return a.integer(20, 7);
}

inline proto attribute(const std::string& name, const file& body) {
  return proto().text(1, name).message(6, body.graph()).integer(20, 5);
}

}  // namespace onnx
}  // namespace octet_test

#endif  // OCTET_TESTS_ONNX_FILE_HPP_
