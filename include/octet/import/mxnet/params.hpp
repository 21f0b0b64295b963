// NAME-0000.params: MXNet's files of named arrays, in every version of the format.
#ifndef OCTET_IMPORT_MXNET_PARAMS_HPP_
#define OCTET_IMPORT_MXNET_PARAMS_HPP_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "octet/core/limits.hpp"
#include "octet/import/common/error.hpp"

OCTET_NAMESPACE_BEGIN
namespace mxnet_model {

/// An array of the file: row-major elements without padding, not aligned.
struct params_array {
  dtype type = dtype::f32;
  dims shape;
  bool empty = false;  // the file records an array without shape, type or elements
  std::span<const std::byte> bytes;
};

/// The arrays of a .params file. Refers to the file's bytes.
struct params {
  std::vector<params_array> arrays;
  std::vector<std::string> names;  // one per array, or none at all: "arg:weight", "aux:mean"

  /// The array of that name, with or without its prefix; null where there is none.
  const params_array* find(std::string_view name) const {
    const auto it = index.find(name);
    return it == index.end() ? nullptr : &arrays[it->second];
  }
  std::map<std::string, std::size_t, std::less<>> index;  // names without "arg:" and "aux:"
};

namespace detail {

/// Little-endian fields one after the other. After a field that is not all there, `ended` is set
/// and every value is 0.
class field_reader {
 public:
  explicit field_reader(std::span<const std::byte> b) : left_(b) {}
  template <class T> T get() {
    T v = 0;
    const auto b = bytes(sizeof(T));
    if (!b.empty()) std::memcpy(&v, b.data(), sizeof(T));
    return v;
  }
  std::span<const std::byte> bytes(std::size_t n) {
    if (n > left_.size()) ended = true;
    if (ended) return {};
    const auto b = left_.first(n);
    left_ = left_.subspan(n);
    return b;
  }
  std::size_t left() const noexcept { return left_.size(); }
  bool ended = false;

 private:
  std::span<const std::byte> left_;
};

// Codes of the file; plain integers, as it may hold others.
namespace type_code {  // element types
enum code : std::int32_t {
  float32 = 0,
  float64 = 1,
  float16 = 2,
  uint8 = 3,
  int32 = 4,
  int8 = 5,
  int64 = 6,
  boolean = 7,
  int16 = 8,
  uint16 = 9,
  uint32 = 10,
  uint64 = 11,
  bfloat16 = 12
};
}
namespace storage_code {
enum code : std::int32_t { dense = 0, row_sparse = 1, csr = 2 };
}

/// What MXNet calls the element types that octet's arrays cannot have.
constexpr std::string_view other_type(std::int32_t code) {
  return code == type_code::bfloat16 ? "bfloat16" : "an unknown one";
}
/// Element type of a type code; none where octet has none.
constexpr std::optional<dtype> type_of_code(std::int32_t code) {
  switch (code) {
    case type_code::float32: return dtype::f32;
    case type_code::float64: return dtype::f64;
    case type_code::float16: return dtype::f16;
    case type_code::uint8: return dtype::u8;
    case type_code::int32: return dtype::s32;
    case type_code::int8: return dtype::s8;
    case type_code::int64: return dtype::s64;
    case type_code::boolean: return dtype::boolean;
    case type_code::int16: return dtype::s16;
    case type_code::uint16: return dtype::u16;
    case type_code::uint32: return dtype::u32;
    case type_code::uint64: return dtype::u64;
    default: return {};
  }
}
inline std::string storage_name(std::int32_t code) {
  switch (code) {
    case storage_code::row_sparse: return "row_sparse";
    case storage_code::csr: return "csr";
    default: return std::to_string(code);
  }
}

inline status read_shape(field_reader& f, bool wide, std::int64_t rank, dims& to) {
  if (rank < 0 || rank > dims::max_rank)
    return octet::unsupported("rank", std::to_string(rank),
                              "0 to " + std::to_string(dims::max_rank));
  for (std::int64_t i = 0; i < rank; ++i) {
    const std::int64_t extent =
        wide ? f.get<std::int64_t>() : static_cast<std::int64_t>(f.get<std::uint32_t>());
    if (f.ended) return unit{};
    if (extent < 0) return import::malformed("extent", std::to_string(extent));
    if (extent > INT32_MAX) return import::too_large("extent", std::to_string(extent));
    to.push_back(static_cast<std::int32_t>(extent));
  }
  return unit{};
}

inline status read_array(field_reader& f, const limits& max, params_array& to) {
  constexpr std::uint32_t version_1 = 0xF993FAC8u, version_2 = 0xF993FAC9u, version_3 = 0xF993FACAu;
  const auto magic = f.get<std::uint32_t>();
  std::int64_t rank = magic;  // the oldest form has no magic number: its rank stands there
  const bool newest = magic == version_3, recent = newest || magic == version_2,
             numbered = recent || magic == version_1;
  if (recent) {
    const auto storage = f.get<std::int32_t>();
    if (!f.ended && storage != storage_code::dense)
      return octet::unsupported("storage", storage_name(storage), "dense arrays");
  }
  if (numbered) rank = f.get<std::int32_t>();
  if (newest ? rank == -1 : rank == 0) {
    to.empty = true;
    return unit{};
  }
  if (auto s = read_shape(f, numbered, rank, to.shape); !s) return s;
  f.get<std::int32_t>();  // device type and number: where the array was
  f.get<std::int32_t>();
  const auto code = f.get<std::int32_t>();
  if (f.ended) return unit{};
  const auto type = type_of_code(code);
  if (!type)
    return octet::unsupported("element type",
                              std::to_string(code) + ", " + std::string(other_type(code)),
                              "float32, float64, float16, bool and integers");
  to.type = *type;
  if (auto s = verify_size(to.shape, to.type, max, "an array"); !s) return s;
  to.bytes = f.bytes(bytes_of(to.shape.elements(), to.type).value);
  return unit{};
}

}  // namespace detail

/// The arrays of a .params file. Errors do not name the file.
inline result<params> read_params(std::span<const std::byte> file, const limits& max = {}) {
  constexpr std::uint64_t magic = 0x112;
  detail::field_reader f(file);
  const auto first = f.get<std::uint64_t>();
  f.get<std::uint64_t>();  // reserved
  const auto count = f.get<std::uint64_t>();
  const auto ended = [] { return import::malformed("the file ends early"); };
  if (first != magic)
    return import::malformed("not a file of arrays", {}, "what MXNet's nd.save writes");
  params p;
  for (std::uint64_t i = 0; i < count; ++i) {
    params_array a;
    auto s = detail::read_array(f, max, a);
    if (!s) {
      error_info e = s.error();
      e.what = "array " + std::to_string(i) + ": " + e.what;
      return e;
    }
    if (f.ended) return ended();
    p.arrays.push_back(a);
  }
  const auto names = f.get<std::uint64_t>();
  if (f.ended) return ended();
  if (names != 0 && names != count)
    return import::malformed("number of names", std::to_string(names),
                             "0 or " + std::to_string(count));
  for (std::uint64_t i = 0; i < names; ++i) {
    const auto length = f.get<std::uint64_t>();
    const auto text = f.bytes(as_size(length));
    if (f.ended) return ended();
    std::string name(reinterpret_cast<const char*>(text.data()), text.size());
    const bool prefixed = name.starts_with("arg:") || name.starts_with("aux:");
    if (!p.index.emplace(prefixed ? name.substr(4) : name, i).second)
      return import::malformed("two arrays of one name", name);
    p.names.push_back(std::move(name));
  }
  if (f.left() != 0)
    return import::malformed("bytes after the last name", std::to_string(f.left()));
  return p;
}

}  // namespace mxnet_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_PARAMS_HPP_
