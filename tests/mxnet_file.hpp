// Makes MXNet's files in memory: .params field by field, symbols node by node. For tests of the
// loader.
#ifndef OCTET_TESTS_MXNET_FILE_HPP_
#define OCTET_TESTS_MXNET_FILE_HPP_

#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "octet/core/types.hpp"

namespace octet_test {

inline std::span<const std::byte> bytes_of(const std::string& s) {
  return std::as_bytes(std::span(s.data(), s.size()));
}

/// A .params file.
class params_writer {
 public:
  /// `version`: 0 to 3. `code`: MXNet's number of the element type.
  void add(const std::string& name, int version, std::int32_t code,
           const std::vector<std::int64_t>& shape, const std::string& data,
           std::int32_t storage = 0) {
    std::string& a = arrays_.emplace_back();
    if (version == 0) {
      put(a, static_cast<std::uint32_t>(shape.size()));
      for (std::int64_t v : shape) put(a, static_cast<std::uint32_t>(v));
    } else {
      put(a, 0xF993FAC7u + static_cast<std::uint32_t>(version));
      if (version >= 2) put(a, storage);
      put(a, static_cast<std::int32_t>(shape.size()));
      for (std::int64_t v : shape) put(a, v);
    }
    if (!shape.empty() || version == 3) {
      put(a, std::int32_t{1});  // device: CPU 0
      put(a, std::int32_t{0});
      put(a, code);
      a += data;
    }
    names_.push_back(name);
  }
  template <class T>
  void add(const std::string& name, const std::vector<std::int64_t>& shape,
           const std::vector<T>& v) {
    std::string data(v.size() * sizeof(T), '\0');
    if (!v.empty()) std::memcpy(data.data(), v.data(), data.size());
    add(name, 2, code_of(octet::dtype_of<T>), shape, data);
  }
  /// An array of raw bytes.
  void add_raw(const std::string& name, const std::string& record) {
    arrays_.push_back(record);
    names_.push_back(name);
  }
  std::string bytes(bool named = true) const {
    std::string to;
    put(to, std::uint64_t{0x112});
    put(to, std::uint64_t{0});
    put(to, std::uint64_t{arrays_.size()});
    for (const std::string& a : arrays_) to += a;
    put(to, std::uint64_t{named ? names_.size() : 0});
    for (const std::string& n : names_) {
      if (!named) break;
      put(to, std::uint64_t{n.size()});
      to += n;
    }
    return to;
  }
  template <class T> static void put(std::string& to, T v) {
    to.append(reinterpret_cast<const char*>(&v), sizeof v);
  }
  static std::int32_t code_of(octet::dtype t) {
    constexpr octet::dtype types[] = {octet::dtype::f32, octet::dtype::f64,     octet::dtype::f16,
                                      octet::dtype::u8,  octet::dtype::s32,     octet::dtype::s8,
                                      octet::dtype::s64, octet::dtype::boolean, octet::dtype::s16,
                                      octet::dtype::u16, octet::dtype::u32,     octet::dtype::u64};
    for (std::int32_t i = 0; i < 12; ++i)
      if (types[i] == t) return i;
    return -1;
  }

 private:
  std::vector<std::string> arrays_, names_;
};

/// The text of a symbol: nodes in the order they are added.
class symbol_writer {
 public:
  using attributes = std::vector<std::pair<std::string, std::string>>;
  int variable(const std::string& name) {
    variables_.push_back(static_cast<int>(nodes_.size()));
    nodes_.push_back(R"({"op":"null","name":")" + name + R"(","inputs":[]})");
    return variables_.back();
  }
  /// `inputs`: numbers of nodes (their first output) or pairs of node and output.
  int node(const std::string& op, const std::string& name,
           const std::vector<std::pair<int, int>>& inputs, const attributes& attrs = {},
           const std::string& subgraph = {}) {
    std::string s = R"({"op":")" + op + R"(","name":")" + name + R"(","attrs":{)";
    for (std::size_t i = 0; i < attrs.size(); ++i)
      s += (i ? "," : "") + ('"' + attrs[i].first + R"(":")" + attrs[i].second + '"');
    s += R"(},"inputs":[)";
    for (std::size_t i = 0; i < inputs.size(); ++i)
      s += (i ? "," : "") +
           ('[' + std::to_string(inputs[i].first) + ',' + std::to_string(inputs[i].second) + ",0]");
    s += ']';
    if (!subgraph.empty()) s += R"(,"subgraphs":[)" + subgraph + ']';
    nodes_.push_back(s + '}');
    return static_cast<int>(nodes_.size()) - 1;
  }
  std::string text(const std::vector<std::pair<int, int>>& heads, int version = 10901) const {
    std::string s = R"({"nodes":[)";
    for (std::size_t i = 0; i < nodes_.size(); ++i) s += (i ? "," : "") + nodes_[i];
    s += R"(],"arg_nodes":[)";
    for (std::size_t i = 0; i < variables_.size(); ++i)
      s += (i ? "," : "") + std::to_string(variables_[i]);
    s += R"(],"heads":[)";
    for (std::size_t i = 0; i < heads.size(); ++i)
      s += (i ? "," : "") +
           ('[' + std::to_string(heads[i].first) + ',' + std::to_string(heads[i].second) + ",0]");
    return s + R"(],"attrs":{"mxnet_version":["int",)" + std::to_string(version) + "]}}";
  }

 private:
  std::vector<std::string> nodes_;
  std::vector<int> variables_;
};

}  // namespace octet_test

#endif  // OCTET_TESTS_MXNET_FILE_HPP_
