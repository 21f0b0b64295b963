// Definitions of octet_file.hpp: the .octet format. Included by it unless the build links
// octet::compiled.
#ifndef OCTET_IMPORT_OCTET_FILE_IMPL_HPP_
#define OCTET_IMPORT_OCTET_FILE_IMPL_HPP_

#include <bit>

#include "octet/graph/verify.hpp"
#include "octet/import/common/error.hpp"
#include "octet/import/octet_file.hpp"
#include "octet/ops/list.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

namespace detail {

inline constexpr unsigned char octet_magic[8] = {'O', 'C', 'T', 'E', 'T', '\r', '\n', 0x1A};
inline constexpr std::uint32_t octet_version = 1;
inline constexpr std::size_t octet_header = 64;
static_assert(std::endian::native == std::endian::little,
              "octet: .octet files are read in place, on little-endian machines");

// The numbers that stand in the files for octet's enumerators: they have a meaning as long as there
// are files, whatever becomes of the enumerators. A new one takes the next free number; the number
// of one that is gone joins the list of its static_assert and is never given to another.
constexpr std::uint8_t octet_number(dtype e) noexcept {
  switch (e) {
    case dtype::f32: return 0;
    case dtype::f64: return 1;
    case dtype::s8: return 2;
    case dtype::u8: return 3;
    case dtype::s16: return 4;
    case dtype::u16: return 5;
    case dtype::s32: return 6;
    case dtype::u32: return 7;
    case dtype::s64: return 8;
    case dtype::u64: return 9;
    case dtype::boolean: return 10;
    case dtype::f16: return 11;
  }
  return 255;
}
constexpr std::uint8_t octet_number(law e) noexcept {
  switch (e) {
    case law::tflite_ref: return 0;
    case law::tflite_xnnpack: return 1;
    case law::pytorch_fbgemm: return 2;
    case law::pytorch_qnnpack: return 3;
    case law::mxnet: return 5;
    case law::onnxruntime: return 4;
  }
  return 255;
}
constexpr std::uint8_t octet_number(rounding e) noexcept {
  switch (e) {
    case rounding::none: return 0;
    case rounding::doubling_high_half_away: return 1;
    case rounding::doubling_high_half_up: return 2;
    case rounding::wide_half_up: return 4;
    case rounding::double_half_away: return 5;
    case rounding::float_half_even: return 6;
    case rounding::float_bias_half_even: return 7;
    case rounding::float_zero_point_half_even: return 8;
    case rounding::eight_bit_ratio_half_up: return 9;
    case rounding::divide_half_away: return 12;
    case rounding::divide_half_even: return 13;
    case rounding::reciprocal_half_even: return 14;
    case rounding::xnnpack: return 15;
    case rounding::qnnpack: return 16;
    case rounding::fused_multiply_add: return 17;
    case rounding::tflite_optimized: return 18;
    case rounding::aten: return 20;
    case rounding::divide_truncate: return 22;
    case rounding::mxnet: return 23;
    case rounding::onnxruntime: return 24;
  }
  return 255;
}
constexpr std::uint8_t octet_number(tensor::kind e) noexcept {
  switch (e) {
    case tensor::kind::value: return 0;
    case tensor::kind::constant: return 1;
    case tensor::kind::state: return 2;
  }
  return 255;
}
constexpr std::uint8_t octet_number(memory_format e) noexcept {
  switch (e) {
    case memory_format::unspecified: return 0;
    case memory_format::contiguous: return 1;
    case memory_format::channels_last: return 2;
  }
  return 255;
}
/// An attribute's kind; `none` is not stored.
constexpr std::uint8_t octet_number(attribute_value::kind e) noexcept {
  switch (e) {
    case attribute_value::kind::integer: return 0;
    case attribute_value::kind::real: return 1;
    case attribute_value::kind::text: return 2;
    case attribute_value::kind::integers: return 3;
    case attribute_value::kind::reals: return 4;
    case attribute_value::kind::none: break;
  }
  return 255;
}

/// Every enumerator has a number, no two the same and none of those given up.
template <class E> constexpr bool numbers_hold(std::initializer_list<int> given_up = {}) {
  for (const E e : enumerators<E>) {
    if (octet_number(e) == 255) return false;
    for (const int old : given_up)
      if (octet_number(e) == old) return false;
    for (const E other : enumerators<E>)
      if (e != other && octet_number(e) == octet_number(other)) return false;
  }
  return true;
}
static_assert(numbers_hold<dtype>());
static_assert(numbers_hold<law>());
static_assert(numbers_hold<rounding>({3, 10, 11, 19, 21}));
static_assert(numbers_hold<tensor::kind>());
static_assert(numbers_hold<memory_format>());

struct crc32_table {
  std::uint32_t t[256]{};
  constexpr crc32_table() {
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int k = 0; k < 8; ++k) c = (c & 1) != 0 ? 0xEDB88320u ^ c >> 1 : c >> 1;
      t[i] = c;
    }
  }
};
inline std::uint32_t crc32(std::span<const std::byte> bytes) {
  static constexpr crc32_table table;
  std::uint32_t c = 0xFFFFFFFFu;
  for (std::byte b : bytes) c = table.t[(c ^ static_cast<std::uint32_t>(b)) & 255u] ^ c >> 8;
  return ~c;
}

class octet_writer {
 public:
  std::string bytes;
  template <class T> void number(T v) { bytes.append(reinterpret_cast<const char*>(&v), sizeof v); }
  template <class E> void choice(E e) { number(octet_number(e)); }
  void count(std::size_t n) { number(static_cast<std::uint32_t>(n)); }
  void text(std::string_view s) {
    count(s.size());
    bytes.append(s);
  }
  template <class T> void list(const std::vector<T>& v) {
    count(v.size());
    for (const T& e : v) number(e);
  }
  void attribute(std::int64_t v) { choice(attribute_value::kind::integer), number(v); }
  void attribute(double v) { choice(attribute_value::kind::real), number(v); }
  void attribute(const std::string& v) { choice(attribute_value::kind::text), text(v); }
  void attribute(const std::vector<std::int64_t>& v) {
    choice(attribute_value::kind::integers), list(v);
  }
  void attribute(const std::vector<double>& v) { choice(attribute_value::kind::reals), list(v); }
};
/// Reads with every access checked; after the first bad one everything is zero and `bad()`.
class octet_reader {
 public:
  explicit octet_reader(std::span<const std::byte> s) : rest_(s) {}
  template <class T> T number() {
    T v{};
    if (rest_.size() < sizeof v) {
      bad_ = true;
      return v;
    }
    std::memcpy(&v, rest_.data(), sizeof v);
    rest_ = rest_.subspan(sizeof v);
    return v;
  }
  /// A number of items of at least `each` bytes: no more than the rest can hold.
  std::size_t count(std::size_t each) {
    const std::size_t n = number<std::uint32_t>();
    if (n > rest_.size() / each) {
      bad_ = true;
      return 0;
    }
    return n;
  }
  std::string text() {
    const std::size_t n = count(1);
    std::string s(reinterpret_cast<const char*>(rest_.data()), n);
    rest_ = rest_.subspan(n);
    return s;
  }
  template <class T> std::vector<T> list() {
    std::vector<T> v(count(sizeof(T)));
    for (T& e : v) e = number<T>();
    return v;
  }
  template <class E> E choice() {
    const auto v = number<std::uint8_t>();
    for (const E e : enumerators<E>)
      if (octet_number(e) == v) return e;
    bad_ = true;
    unknown_ = v;
    return {};
  }
  /// The first number of a choice() that stands for nothing in this version of octet.
  std::optional<std::uint8_t> unknown() const { return unknown_; }
  attributes::value attribute() {
    using kind = attribute_value::kind;
    switch (choice<kind>()) {
      case kind::integer: return number<std::int64_t>();
      case kind::real: return number<double>();
      case kind::text: return text();
      case kind::integers: return list<std::int64_t>();
      case kind::reals: return list<double>();
      case kind::none: break;
    }
    bad_ = true;
    return {};
  }
  bool bad() const { return bad_; }
  bool done() const { return rest_.empty(); }

 private:
  std::span<const std::byte> rest_;
  bool bad_ = false;
  std::optional<std::uint8_t> unknown_;
};

/// What the header says, checked against the file.
struct octet_layout {
  std::span<const std::byte> description, constants;
};
inline result<octet_layout> read_octet_header(std::span<const std::byte> file) {
  if (file.size() < octet_header || std::memcmp(file.data(), octet_magic, sizeof octet_magic) != 0)
    return malformed("not an .octet file", file.empty() ? "an empty file" : "");
  octet_reader head(file.subspan(sizeof octet_magic, octet_header - sizeof octet_magic));
  const auto version = head.number<std::uint32_t>(), checksum = head.number<std::uint32_t>();
  const auto size = head.number<std::uint64_t>(), description = head.number<std::uint64_t>();
  if (version != octet_version)
    return unsupported("version of the .octet format", std::to_string(version),
                       std::to_string(octet_version));
  if (size != file.size())
    return malformed("size of the file", std::to_string(file.size()) + " bytes",
                     std::to_string(size) + " bytes, as its header says");
  if (description > size - octet_header) return malformed("description is longer than the file");
  if (crc32(file.subspan(octet_header)) != checksum)
    return malformed("checksum differs: the file is damaged");
  const std::size_t end = octet_header + as_size(description);
  return octet_layout{file.subspan(octet_header, end - octet_header),
                      file.subspan(std::min(round_up(end, alignment), file.size()))};
}

/// Constants of the graph point into `file`.
class octet_loader {
 public:
  octet_loader(file_bytes file, const octet_options& o) : file_(std::move(file)), options_(o) {}

  result<graph> run() {
    status s = load();
    if (s) s = verify(g_, options_.max);
    if (s) return std::move(g_);
    error_info e = s.error();
    e.file = file_.name;  // not the model's name, which the description holds
    return e;
  }

 private:
  status load() {
    const auto layout = read_octet_header(file_.bytes);
    if (!layout) return layout.error();
    give_back(file_.owner, layout->constants);  // the checksum has seen them
    octet_reader r(layout->description);
    g_.name = r.text();
    g_.arithmetic = r.choice<law>();
    const std::size_t tensors = r.count(16);
    if (auto s = within_limit(&limits::tensors, options_.max, "tensors of the graph", tensors); !s)
      return s;
    for (std::size_t i = 0; i < tensors && !r.bad(); ++i)
      if (auto s = read_tensor(r, layout->constants); !s) return s;
    const std::size_t nodes = r.count(16);
    if (auto s = within_limit(&limits::nodes, options_.max, "nodes of the graph", nodes); !s)
      return s;
    for (std::size_t i = 0; i < nodes && !r.bad(); ++i) read_node(r);
    g_.inputs = r.list<tensor_id>();
    g_.outputs = r.list<tensor_id>();
    if (r.unknown())
      return unsupported("a file of another version of octet",
                         "the number " + std::to_string(*r.unknown()) +
                             " for an element type, law, rounding or kind");
    if (too_many_attributes_)
      return too_large("attributes of a node", {}, std::to_string(most_attributes));
    if (r.bad() || !r.done()) return malformed("description does not end where it should");
    return missing_.check();
  }
  status read_tensor(octet_reader& r, std::span<const std::byte> constants) {
    tensor t;
    t.name = r.text();
    t.type = r.choice<dtype>();
    t.role = r.choice<tensor::kind>();
    t.format = r.choice<memory_format>();
    if (r.number<std::uint8_t>() != 0) return unsupported("a tensor with a range", t.name);
    const auto shape = r.list<std::int32_t>();
    if (shape.size() > as_size(dims::max_rank))
      return too_large("rank of a tensor", std::to_string(shape.size()),
                       std::to_string(dims::max_rank));
    for (std::int32_t e : shape) t.shape.push_back(e);
    t.scales = r.list<double>();
    t.zero_points = r.list<std::int32_t>();
    t.axis = r.number<std::int32_t>();
    const auto at = r.number<std::uint64_t>(), bytes = r.number<std::uint64_t>();
    if (bytes > constants.size() || at > constants.size() - bytes || at % alignment != 0)
      return malformed("constant lies outside the file", t.name);
    if (bytes != 0 && bytes != bytes_of(t.shape.elements(), t.type).value)
      return malformed("size of a constant", std::to_string(bytes) + " bytes", to_string(t.shape));
    if (bytes != 0) t.data = {file_.owner, constants.subspan(as_size(at), as_size(bytes))};
    g_.add(std::move(t));
    return unit{};
  }
  void read_node(octet_reader& r) {
    node n;
    const std::string op = r.text();
    n.op = find_operator(op, options_.operators);
    n.name = r.text();
    if (!n.op && !r.bad()) missing_.add(op, "first at " + n.name);
    n.round = r.choice<rounding>();
    n.in = r.list<tensor_id>();
    n.out = r.list<tensor_id>();
    std::size_t attrs = r.count(6);
    if (attrs > most_attributes) attrs = 0, too_many_attributes_ = true;
    for (std::size_t a = 0; a < attrs && !r.bad(); ++a) {
      const std::string key = r.text();
      n.attrs.set(key, r.attribute());
    }
    g_.nodes.push_back(std::move(n));
  }

  static constexpr std::size_t most_attributes = 64;  // each is looked up by its name

  file_bytes file_;
  const octet_options& options_;
  graph g_;
  bool too_many_attributes_ = false;
  missing_operators missing_;
};

inline void write_octet_tensor(octet_writer& w, const tensor& t, std::size_t offset) {
  w.text(t.name);
  w.choice(t.type);
  w.choice(t.role);
  w.choice(t.format);
  w.number(std::uint8_t{0});  // reserved
  w.list(std::vector<std::int32_t>(t.shape.begin(), t.shape.end()));
  w.list(t.scales);
  w.list(t.zero_points);
  w.number(t.axis);
  w.number(std::uint64_t{offset});  // from the first constant
  w.number(std::uint64_t{t.data.bytes.size()});
}
inline void write_octet_node(octet_writer& w, const node& n) {
  w.text(n.op->name);
  w.text(n.name);
  w.choice(n.round);
  w.list(n.in);
  w.list(n.out);
  w.count(n.attrs.entries().size());
  for (const auto& [key, value] : n.attrs.entries()) {
    w.text(key);
    value.visit([&](const auto& v) { w.attribute(v); });
  }
}

}  // namespace detail

OCTET_INLINE std::string write_octet(const graph& g) {
  detail::octet_writer w;
  std::string constants;
  std::vector<std::size_t> offset(g.tensors.size(), 0);
  for (std::size_t i = 0; i < g.tensors.size(); ++i) {
    const auto bytes = g.tensors[i].data.bytes;
    if (bytes.empty()) continue;
    constants.resize(round_up(constants.size(), alignment), '\0');
    offset[i] = constants.size();
    constants.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  w.text(g.name.substr(g.name.find_last_of('/') + 1));
  w.choice(g.arithmetic);
  w.count(g.tensors.size());
  for (std::size_t i = 0; i < g.tensors.size(); ++i)
    detail::write_octet_tensor(w, g.tensors[i], offset[i]);
  w.count(g.nodes.size());
  for (const node& n : g.nodes) detail::write_octet_node(w, n);
  w.list(g.inputs);
  w.list(g.outputs);
  const std::size_t description = w.bytes.size();
  std::string file(detail::octet_header, '\0');
  file += w.bytes;
  file.resize(round_up(file.size(), alignment), '\0');
  file += constants;
  detail::octet_writer h;
  h.bytes.assign(reinterpret_cast<const char*>(detail::octet_magic), 8);
  h.number(detail::octet_version);
  h.number(detail::crc32(std::as_bytes(std::span(file)).subspan(detail::octet_header)));
  h.number(std::uint64_t{file.size()});
  h.number(std::uint64_t{description});
  file.replace(0, h.bytes.size(), h.bytes);
  return file;
}

OCTET_INLINE result<graph> try_octet(file_bytes file, const octet_options& options) {
  const std::string name = file.name;
  return with_memory_errors(name,
                            [&] { return detail::octet_loader(std::move(file), options).run(); });
}
OCTET_INLINE result<graph> try_octet(const std::string& path, const octet_options& options) {
  auto f = map_file(path, options.max);
  if (!f) return f.error();
  return try_octet(std::move(*f), options);
}
OCTET_INLINE result<graph> try_octet(std::span<const std::byte> bytes, const std::string& name,
                                     const octet_options& options) {
  return try_octet(from_memory(name, bytes), options);
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_OCTET_FILE_IMPL_HPP_
