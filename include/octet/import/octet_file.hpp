// The .octet format: octet's own, what `octet convert` writes. Versioned, checksummed, constants
// 64-byte aligned and used where they lie in the mapped file.
//
// All numbers little-endian. Header, 64 bytes: magic "OCTET\r\n\x1A", u32 version, u32 CRC-32 of
// everything after the header, u64 size of the file, u64 size of the description, zeros. Then the
// description (graph, tensors, nodes, in that order, as write() below lists them), then the
// constants.
#ifndef OCTET_IMPORT_OCTET_FILE_HPP_
#define OCTET_IMPORT_OCTET_FILE_HPP_

#include <bit>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include "octet/graph/verify.hpp"
#include "octet/import/file.hpp"
#include "octet/ops/list.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

struct octet_options {
  std::span<const op_def* const> operators{};    // more operators, found by name
  std::size_t max_bytes = std::size_t{1} << 32;  // of the file
  limits max;
};

namespace detail {

inline constexpr unsigned char octet_magic[8] = {'O', 'C', 'T', 'E', 'T', '\r', '\n', 0x1A};
inline constexpr std::uint32_t octet_version = 1;
inline constexpr std::size_t octet_header = 64;
static_assert(std::endian::native == std::endian::little,
              "octet: .octet files are read in place, on little-endian machines");

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
  void count(std::size_t n) { number(static_cast<std::uint32_t>(n)); }
  void text(std::string_view s) {
    count(s.size());
    bytes.append(s);
  }
  template <class T> void list(const std::vector<T>& v) {
    count(v.size());
    for (const T& e : v) number(e);
  }
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
  template <class E> E choice(E last) {
    const auto v = number<std::uint8_t>();
    if (v > static_cast<std::uint8_t>(last)) bad_ = true;
    return bad_ ? E{} : static_cast<E>(v);
  }
  bool bad() const { return bad_; }
  bool done() const { return rest_.empty(); }

 private:
  std::span<const std::byte> rest_;
  bool bad_ = false;
};

/// The file's bytes: mapped where the system can, else read.
inline result<file_bytes> map_file(const std::string& path, std::size_t max_bytes) {
#if defined(__unix__) || defined(__APPLE__)
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return error_info{errc::io, std::strerror(errno), path, {}, {}, {}, {}};
  struct stat st {};
  const bool regular = ::fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
  const auto size = static_cast<std::size_t>(st.st_size);
  if (!regular || size == 0 || size > max_bytes) {
    ::close(fd);
    if (!regular) return error_info{errc::io, "not a regular file", path, {}, {}, {}, {}};
    if (size == 0)
      return error_info{errc::malformed, "not an .octet file", path, {}, {}, "an empty file", {}};
    return error_info{errc::too_large,
                      "file",
                      path,
                      {},
                      {},
                      std::to_string(size) + " bytes",
                      std::to_string(max_bytes) + " bytes"};
  }
  void* p = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  ::close(fd);
  if (p == MAP_FAILED) return error_info{errc::io, std::strerror(errno), path, {}, {}, {}, {}};
  file_bytes f;
  f.name = path;
  f.owner = std::shared_ptr<const void>(
      p, [size](const void* q) { ::munmap(const_cast<void*>(q), size); });
  f.bytes = {static_cast<const std::byte*>(p), size};
  return f;
#else
  return read_file(path, max_bytes);
#endif
}

}  // namespace detail

/// The graph as the bytes of an .octet file.
inline std::string write_octet(const graph& g) {
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
  w.number(static_cast<std::uint8_t>(g.arithmetic));
  w.count(g.tensors.size());
  for (std::size_t i = 0; i < g.tensors.size(); ++i) {
    const tensor& t = g.tensors[i];
    w.text(t.name);
    w.number(static_cast<std::uint8_t>(t.type));
    w.number(static_cast<std::uint8_t>(t.role));
    w.number(static_cast<std::uint8_t>(t.format));
    w.number(static_cast<std::uint8_t>(t.range ? 1 : 0));
    if (t.range) w.number(t.range->first), w.number(t.range->second);
    w.list(std::vector<std::int32_t>(t.shape.begin(), t.shape.end()));
    w.list(t.scales);
    w.list(t.zero_points);
    w.number(t.axis);
    w.number(std::uint64_t{offset[i]});  // from the first constant
    w.number(std::uint64_t{t.data.bytes.size()});
  }
  w.count(g.nodes.size());
  for (const node& n : g.nodes) {
    w.text(n.op->name);
    w.text(n.name);
    w.number(static_cast<std::uint8_t>(n.round));
    w.list(n.in);
    w.list(n.out);
    w.count(n.attrs.entries().size());
    for (const auto& [key, value] : n.attrs.entries()) {
      w.text(key);
      w.number(static_cast<std::uint8_t>(value.index()));
      if (const auto* v = std::get_if<std::int64_t>(&value))
        w.number(*v);
      else if (const auto* d = std::get_if<double>(&value))
        w.number(*d);
      else if (const auto* s = std::get_if<std::string>(&value))
        w.text(*s);
      else if (const auto* l = std::get_if<std::vector<std::int64_t>>(&value))
        w.list(*l);
      else
        w.list(std::get<std::vector<double>>(value));
    }
  }
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

/// Constants of the graph point into `file`.
inline result<graph> try_octet(file_bytes file, const octet_options& options = {}) {
  const auto fail = [&](errc c, std::string what, std::string found = {},
                        std::string supported = {}) {
    return error_info{c,  std::move(what),  file.name,           {},
                      {}, std::move(found), std::move(supported)};
  };
  if (file.bytes.size() < detail::octet_header ||
      std::memcmp(file.bytes.data(), detail::octet_magic, 8) != 0)
    return fail(errc::malformed, "not an .octet file");
  detail::octet_reader head(file.bytes.subspan(8, detail::octet_header - 8));
  const auto version = head.number<std::uint32_t>(), crc = head.number<std::uint32_t>();
  const auto size = head.number<std::uint64_t>(), description = head.number<std::uint64_t>();
  if (version != detail::octet_version)
    return fail(errc::unsupported, "version of the .octet format", std::to_string(version),
                std::to_string(detail::octet_version));
  if (size != file.bytes.size())
    return fail(errc::malformed, "size of the file", std::to_string(file.bytes.size()) + " bytes",
                std::to_string(size) + " bytes, as its header says");
  if (description > size - detail::octet_header)
    return fail(errc::malformed, "description is longer than the file");
  if (detail::crc32(file.bytes.subspan(detail::octet_header)) != crc)
    return fail(errc::malformed, "checksum differs: the file is damaged");
  const std::size_t first_constant = std::min<std::size_t>(
      round_up(detail::octet_header + static_cast<std::size_t>(description), alignment),
      file.bytes.size());

  detail::octet_reader r(
      file.bytes.subspan(detail::octet_header, static_cast<std::size_t>(description)));
  graph g;
  g.name = r.text();
  g.arithmetic = r.choice(law::mxnet);
  const std::size_t tensors = r.count(16);
  for (std::size_t i = 0; i < tensors && !r.bad(); ++i) {
    tensor t;
    t.name = r.text();
    t.type = r.choice(dtype::f16);
    t.role = r.choice(tensor::kind::state);
    t.format = r.choice(memory_format::channels_last);
    if (r.number<std::uint8_t>() != 0) {
      const auto lo = r.number<float>(), hi = r.number<float>();
      t.range = {lo, hi};
    }
    const auto shape = r.list<std::int32_t>();
    if (shape.size() > static_cast<std::size_t>(dims::max_rank))
      return fail(errc::too_large, "rank of a tensor", std::to_string(shape.size()),
                  std::to_string(dims::max_rank));
    for (std::int32_t e : shape) t.shape.push_back(e);
    t.scales = r.list<double>();
    t.zero_points = r.list<std::int32_t>();
    t.axis = r.number<std::int32_t>();
    const auto at = r.number<std::uint64_t>(), bytes = r.number<std::uint64_t>();
    const std::size_t room = file.bytes.size() - first_constant;
    if (bytes > room || at > room - bytes || at % alignment != 0)
      return fail(errc::malformed, "constant lies outside the file", t.name);
    if (bytes != 0) {
      if (bytes != bytes_of(t.shape.elements(), t.type).value)
        return fail(errc::malformed, "size of a constant", std::to_string(bytes) + " bytes",
                    to_string(t.shape));
      t.data = {file.owner, file.bytes.subspan(first_constant + static_cast<std::size_t>(at),
                                               static_cast<std::size_t>(bytes))};
    }
    g.add(std::move(t));
  }
  const std::size_t nodes = r.count(16);
  std::string missing;
  for (std::size_t i = 0; i < nodes && !r.bad(); ++i) {
    node n;
    const std::string op = r.text();
    n.op = find_operator(op, options.operators);
    if (!n.op && missing.find(op) == std::string::npos)
      missing += (missing.empty() ? "" : ", ") + op;
    n.name = r.text();
    n.round = static_cast<rounding>(r.number<std::uint8_t>());
    if (name_of(n.round) == "?")
      return fail(errc::malformed, "rounding of a node", std::to_string(static_cast<int>(n.round)));
    n.in = r.list<tensor_id>();
    n.out = r.list<tensor_id>();
    const std::size_t attrs = r.count(6);
    for (std::size_t a = 0; a < attrs && !r.bad(); ++a) {
      const std::string key = r.text();
      switch (r.number<std::uint8_t>()) {
        case 0: n.attrs.set(key, r.number<std::int64_t>()); break;
        case 1: n.attrs.set(key, r.number<double>()); break;
        case 2: n.attrs.set(key, r.text()); break;
        case 3: n.attrs.set(key, r.list<std::int64_t>()); break;
        case 4: n.attrs.set(key, r.list<double>()); break;
        default: return fail(errc::malformed, "kind of an attribute");
      }
    }
    g.nodes.push_back(std::move(n));
  }
  g.inputs = r.list<tensor_id>();
  g.outputs = r.list<tensor_id>();
  if (r.bad() || !r.done())
    return fail(errc::malformed, "description does not end where it should");
  if (!missing.empty())
    return fail(errc::unsupported, "operators of another version of octet", missing);
  if (auto s = verify(g, options.max); !s) {
    error_info e = s.error();
    e.file = file.name;
    return e;
  }
  return g;
}
/// Maps the file; the graph (and every plan of it) keeps the mapping. The file must not change
/// while it is used.
inline result<graph> try_octet(const std::string& path, const octet_options& options = {}) {
  auto f = detail::map_file(path, options.max_bytes);
  if (!f) return f.error();
  return try_octet(std::move(*f), options);
}
/// Bytes in memory are copied once, so that constants are aligned.
inline result<graph> try_octet(std::span<const std::byte> bytes, const std::string& name,
                               const octet_options& options = {}) {
  return try_octet(from_memory(name, bytes), options);
}
#if defined(__cpp_exceptions)
inline graph octet(const std::string& path, const octet_options& options = {}) {
  return value_or_throw(try_octet(path, options));
}
#endif

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_OCTET_FILE_HPP_
