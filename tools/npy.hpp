// .npy files (format versions 1.0, 2.0, 3.0): numpy arrays of octet's element types.
#ifndef OCTET_TOOLS_NPY_HPP_
#define OCTET_TOOLS_NPY_HPP_

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "file.hpp"
#include "octet/core/buffer.hpp"
#include "octet/ops/op.hpp"

namespace octet::tools {

/// An array in C order (innermost index last), little-endian, with its memory.
struct array {
  dtype type = dtype::f32;
  dims shape;
  std::vector<std::byte> bytes;

  const_tensor_view view() const { return {bytes.data(), type, shape}; }
  std::size_t elements() const { return shape.elements().value; }
  /// Element i as T, whatever T's alignment in `bytes`.
  template <class T> T at(std::size_t i) const {
    T v;
    std::memcpy(&v, bytes.data() + i * sizeof(T), sizeof(T));
    return v;
  }
};

static_assert(std::endian::native == std::endian::little,
              "the readers of the tools copy little-endian data");

namespace detail {

/// Reads the header's Python dict literal: exactly the three keys numpy writes, in any order, and
/// nothing else.
class npy_header {
 public:
  explicit npy_header(std::string_view text) : text_(text) {}
  std::string descr;
  bool fortran = false;
  std::vector<std::uint64_t> shape;

  /// Empty when all is well, else what is wrong.
  std::string parse() {
    int seen = 0;
    if (!eat('{')) return "header is not a dict";
    while (!eat('}')) {
      const auto key = quoted();
      if (!key || !eat(':')) return "header is not a dict of the three keys";
      if (*key == "descr") {
        seen |= take(seen, 1);
        if (peek() == '[') return "structured element type";
        const auto d = quoted();
        if (!d) return "descr is not a string";
        descr = *d;
      } else if (*key == "fortran_order") {
        seen |= take(seen, 2);
        if (word("True"))
          fortran = true;
        else if (!word("False"))
          return "fortran_order is neither True nor False";
      } else if (*key == "shape") {
        seen |= take(seen, 4);
        if (!tuple()) return "shape is not a tuple of sizes";
      } else {
        return "unknown key in the header";
      }
      if (twice_) return "key given twice";
      if (!eat(',') && peek() != '}') return "header is not a dict";
    }
    space();
    if (at_ != text_.size()) return "text after the header's dict";
    return seen == 7 ? "" : "header lacks descr, fortran_order or shape";
  }

 private:
  int take(int seen, int bit) {
    twice_ = twice_ || (seen & bit) != 0;
    return bit;
  }
  void space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t'))
      ++at_;
  }
  char peek() {
    space();
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool eat(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view w) {
    space();
    if (text_.substr(at_, w.size()) != w) return false;
    at_ += w.size();
    return true;
  }
  std::optional<std::string> quoted() {
    const char q = peek();
    if (q != '\'' && q != '"') return std::nullopt;
    const std::size_t end = text_.find(q, at_ + 1);
    if (end == std::string_view::npos) return std::nullopt;
    std::string s(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return s;
  }
  bool tuple() {
    if (!eat('(')) return false;
    while (!eat(')')) {
      if (peek() < '0' || peek() > '9') return false;
      std::uint64_t v = 0;
      while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
        if (v > std::uint64_t{1} << 40) return false;
        v = v * 10 + static_cast<std::uint64_t>(text_[at_++] - '0');
      }
      if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // Python 2 wrote long integers
      shape.push_back(v);
      if (shape.size() > 64) return false;
      if (!eat(',') && peek() != ')') return false;
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool twice_ = false;
};

/// numpy's code of an element type, without the order of its bytes.
constexpr std::string_view npy_code(dtype t) noexcept {
  switch (t) {
    case dtype::f16: return "f2";
    case dtype::f32: return "f4";
    case dtype::f64: return "f8";
    case dtype::s8: return "i1";
    case dtype::s16: return "i2";
    case dtype::s32: return "i4";
    case dtype::s64: return "i8";
    case dtype::u8: return "u1";
    case dtype::u16: return "u2";
    case dtype::u32: return "u4";
    case dtype::u64: return "u8";
    case dtype::boolean: return "b1";
  }
  return no_enumerator;
}
/// All of them, as messages list them.
inline std::string npy_codes() {
  std::string s;
  for (const dtype t : enumerators<dtype>) s.append(s.empty() ? "" : " ").append(npy_code(t));
  return s;
}

/// Where a file's header is.
struct npy_place {
  std::size_t start = 0, length = 0;
  std::size_t end() const { return start + length; }
};
inline result<npy_place> find_npy_header(std::span<const std::byte> file, const std::string& name) {
  const auto bad = [&](std::string what) {
    return file_error(errc::malformed, name, "npy: " + std::move(what));
  };
  if (file.size() < 10 || std::memcmp(file.data(), "\x93NUMPY", 6) != 0)
    return bad("does not begin as a .npy file");
  const auto byte = [&](std::size_t i) { return std::to_integer<std::size_t>(file[i]); };
  const std::size_t major = byte(6);
  if (major < 1 || major > 3 || byte(7) != 0)
    return file_error(errc::unsupported, name, "npy: format version",
                      std::to_string(major) + "." + std::to_string(byte(7)), "1.0, 2.0, 3.0");
  const std::size_t start = major == 1 ? 10 : 12;
  if (file.size() < start) return bad("ends within the header");
  const std::size_t length =
      byte(8) | byte(9) << 8 | (major == 1 ? 0 : byte(10) << 16 | byte(11) << 24);
  if (length > file.size() - start || length > (1 << 16)) return bad("ends within the header");
  return npy_place{start, length};
}
/// Element type and shape, without the elements.
inline result<array> described_array(const npy_header& header, const std::string& name) {
  array a;
  const char order = header.descr.empty() ? '\0' : header.descr[0];
  const auto type = std::ranges::find_if(enumerators<dtype>, [&](dtype t) {
    return header.descr.size() == 3 && header.descr.substr(1) == npy_code(t);
  });
  if (type == enumerators<dtype>.end() ||
      (order != '<' && order != '|' && order != '>' && order != '='))
    return file_error(errc::unsupported, name, "npy: element type", header.descr, npy_codes());
  a.type = *type;
  if (header.shape.size() > static_cast<std::size_t>(dims::max_rank))
    return file_error(errc::unsupported, name, "npy: rank", std::to_string(header.shape.size()),
                      "at most " + std::to_string(dims::max_rank));
  for (std::uint64_t e : header.shape) {
    if (e > static_cast<std::uint64_t>(INT32_MAX))
      return file_error(errc::too_large, name, "npy: extent", std::to_string(e),
                        "at most 2^31 - 1");
    a.shape.push_back(static_cast<std::int32_t>(e));
  }
  return a;
}
/// Big-endian elements to little-endian.
inline void swap_bytes(array& a) {
  const auto size = static_cast<std::ptrdiff_t>(size_of(a.type));
  for (auto at = a.bytes.begin(); at != a.bytes.end(); at += size) std::reverse(at, at + size);
}
/// Elements of which the first index runs fastest to C order.
inline void from_fortran_order(array& a) {
  const std::size_t size = size_of(a.type), n = a.elements();
  const std::vector<std::byte> from = a.bytes;
  std::array<std::size_t, dims::max_rank> stride{}, index{};
  for (std::size_t d = 0, s = 1; d < static_cast<std::size_t>(a.shape.rank);
       s *= static_cast<std::size_t>(a.shape.extent[d]), ++d)
    stride[d] = s;
  for (std::size_t i = 0, at = 0; i < n; ++i) {
    std::memcpy(a.bytes.data() + i * size, from.data() + at * size, size);
    for (std::size_t d = static_cast<std::size_t>(a.shape.rank); d-- > 0;) {
      at += stride[d];
      if (++index[d] < static_cast<std::size_t>(a.shape.extent[d])) break;
      at -= index[d] * stride[d];
      index[d] = 0;
    }
  }
}

}  // namespace detail

/// Reads the bytes of a .npy file. Big-endian and Fortran-ordered arrays are turned into
/// little-endian C order.
inline result<array> parse_npy(std::span<const std::byte> file, const std::string& name) {
  const auto at = detail::find_npy_header(file, name);
  if (!at) return at.error();
  detail::npy_header header(
      std::string_view(reinterpret_cast<const char*>(file.data()) + at->start, at->length));
  if (std::string wrong = header.parse(); !wrong.empty())
    return file_error(errc::malformed, name, "npy: " + std::move(wrong));
  auto a = detail::described_array(header, name);
  if (!a) return a;
  const std::size_t size = size_of(a->type), n = a->elements(), have = file.size() - at->end();
  if (n > max_elements)
    return file_error(errc::too_large, name, "npy: array", to_string(a->shape),
                      "at most 2^31 - 1 elements");
  if (have != n * size)
    return file_error(errc::malformed, name, "npy: data size differs from the shape",
                      std::to_string(have) + " bytes",
                      std::to_string(n * size) + " bytes for " + to_string(a->shape));
  const std::byte* data = file.data() + at->end();
  a->bytes.assign(data, data + n * size);
  if (header.descr[0] == '>' && size > 1) detail::swap_bytes(*a);
  if (header.fortran && a->shape.rank > 1 && n > 0) detail::from_fortran_order(*a);
  return a;
}

inline result<array> read_npy(const std::string& path) {
  auto bytes = read_file(path);
  if (!bytes) return bytes.error();
  return parse_npy(*bytes, path);
}

/// The bytes of a .npy file, as numpy itself writes them: version 1.0, the data at a multiple
/// of 64.
inline std::vector<std::byte> npy_bytes(const_tensor_view v) {
  std::string header = std::string("{'descr': '") + (size_of(v.type) == 1 ? '|' : '<');
  header.append(detail::npy_code(v.type)).append("', 'fortran_order': False, 'shape': (");
  for (int i = 0; i < v.shape.rank; ++i)
    header += std::to_string(v.shape[i]) + (i + 1 < v.shape.rank ? ", "
                                            : v.shape.rank == 1  ? ","
                                                                 : "");
  header += "), }";
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::vector<std::byte> out(10 + header.size() + v.size_bytes());
  std::memcpy(out.data(), "\x93NUMPY\x01\x00", 8);
  out[8] = static_cast<std::byte>(header.size() & 255);
  out[9] = static_cast<std::byte>(header.size() >> 8);
  std::memcpy(out.data() + 10, header.data(), header.size());
  if (v.size_bytes() != 0) std::memcpy(out.data() + 10 + header.size(), v.data, v.size_bytes());
  return out;
}
inline status write_npy(const std::string& path, const_tensor_view v) {
  return write_file(path, npy_bytes(v));
}

}  // namespace octet::tools

#endif  // OCTET_TOOLS_NPY_HPP_
