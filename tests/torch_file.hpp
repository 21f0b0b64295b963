// Makes TorchScript archives in memory: ZIP members stored as they are, pickles opcode by opcode.
// For tests of the loader.
#ifndef OCTET_TESTS_TORCH_FILE_HPP_
#define OCTET_TESTS_TORCH_FILE_HPP_

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "crc32.hpp"

namespace octet_test {

inline void put(std::string& to, std::uint64_t v, int bytes) {
  for (int i = 0; i < bytes; ++i) to += static_cast<char>(v >> (8 * i) & 255);
}

/// A ZIP file. `claimed`, `method`: what the headers say, whatever the data is.
class zip_writer {
 public:
  void add(const std::string& name, const std::string& data,
           std::uint64_t claimed = ~std::uint64_t{0}, int method = 0) {
    const std::uint64_t size = claimed == ~std::uint64_t{0} ? data.size() : claimed;
    const auto header = [&](std::string& to) {
      put(to, 20, 2), put(to, 0x800, 2), put(to, static_cast<std::uint64_t>(method), 2),
          put(to, 0, 4);
      put(to, crc32(std::as_bytes(std::span(data))), 4), put(to, data.size(), 4), put(to, size, 4),
          put(to, name.size(), 2), put(to, 0, 2);
    };
    const std::size_t offset = bytes_.size();
    put(bytes_, 0x04034b50, 4);
    header(bytes_);
    bytes_ += name + data;
    put(directory_, 0x02014b50, 4);
    put(directory_, 20, 2);
    header(directory_);
    put(directory_, 0, 2), put(directory_, 0, 2), put(directory_, 0, 2), put(directory_, 0, 4),
        put(directory_, offset, 4);
    directory_ += name;
    ++count_;
  }
  std::string finish() const {
    std::string all = bytes_ + directory_;
    put(all, 0x06054b50, 4), put(all, 0, 4), put(all, count_, 2), put(all, count_, 2),
        put(all, directory_.size(), 4), put(all, bytes_.size(), 4), put(all, 0, 2);
    return all;
  }

 private:
  std::string bytes_, directory_;
  std::uint64_t count_ = 0;
};

/// A pickle of protocol 2, one call an opcode.
class pickle {
 public:
  pickle() { s = "\x80\x02"; }
  pickle& global(const std::string& module, const std::string& name) {
    s += "c" + module + "\n" + name + "\n";
    return *this;
  }
  pickle& text(const std::string& t) {
    s += 'X';
    put(s, t.size(), 4);
    s += t;
    return *this;
  }
  pickle& integer(std::int64_t v) {
    s += "\x8a\x08";
    put(s, static_cast<std::uint64_t>(v), 8);
    return *this;
  }
  pickle& real(double v) {
    std::uint64_t b = 0;
    std::memcpy(&b, &v, 8);
    s += 'G';
    for (int i = 7; i >= 0; --i) s += static_cast<char>(b >> (8 * i) & 255);
    return *this;
  }
  pickle& op(std::string_view o) {
    s += o;
    return *this;
  }
  pickle& integers(std::initializer_list<std::int64_t> v) {
    op("(");
    for (std::int64_t i : v) integer(i);
    return op("t");
  }
  pickle& storage(const std::string& type, const std::string& key, std::int64_t n) {
    return op("(")
        .text("storage")
        .global("torch", type + "Storage")
        .text(key)
        .text("cpu")
        .integer(n)
        .op("tQ");
  }
  pickle& tensor(const std::string& type, const std::string& key, std::int64_t n,
                 std::initializer_list<std::int64_t> size,
                 std::initializer_list<std::int64_t> stride, std::int64_t offset = 0) {
    return global("torch._utils", "_rebuild_tensor_v2")
        .op("(")
        .storage(type, key, n)
        .integer(offset)
        .integers(size)
        .integers(stride)
        .op("\x89")
        .global("collections", "OrderedDict")
        .op(")RtR");
  }
  pickle& qtensor(const std::string& key, std::int64_t n, std::initializer_list<std::int64_t> size,
                  std::initializer_list<std::int64_t> stride, double scale) {
    global("torch._utils", "_rebuild_qtensor")
        .op("(")
        .storage("QInt8", key, n)
        .integer(0)
        .integers(size)
        .integers(stride);
    return op("(")
        .global("torch", "per_tensor_affine")
        .real(scale)
        .integer(0)
        .op("t\x89")
        .global("collections", "OrderedDict")
        .op(")RtR");
  }
  /// Opens an object; its state follows, then build().
  pickle& object(const std::string& module, const std::string& name) {
    return global(module, name).op(")\x81");
  }
  pickle& build() { return op("b"); }
  std::string stop() const { return s + "."; }
  std::string s;
};

/// A file whose class M (attributes: `state`, opcodes of a dict) runs `code`.
struct torch_file {
  std::string state = "}", constants = "\x80\x02).", code;
  std::vector<std::pair<std::string, std::string>> more;  // further members, below the top folder
  std::string bytes() const {
    zip_writer z;
    z.add("m/data.pkl", pickle().object("__torch__", "M").op(state).build().stop());
    z.add("m/code/__torch__.py", code);
    z.add("m/constants.pkl", constants);
    for (const auto& [name, data] : more) z.add("m/" + name, data);
    return z.finish();
  }
};

inline std::span<const std::byte> as_span(const std::string& s) {
  return std::as_bytes(std::span(s.data(), s.size()));
}

}  // namespace octet_test

#endif  // OCTET_TESTS_TORCH_FILE_HPP_
