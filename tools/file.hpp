// Whole files in and out, with a size limit.
#ifndef OCTET_TOOLS_FILE_HPP_
#define OCTET_TOOLS_FILE_HPP_

#include <cstddef>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "octet/core/error.hpp"

namespace octet::tools {

inline error_info file_error(errc code, std::string file, std::string what, std::string found = {},
                             std::string supported = {}) {
  return {code, std::move(what), std::move(file), {}, {}, std::move(found), std::move(supported)};
}

/// All bytes of a file of at most `limit` bytes. Works for pipes too: nothing is asked of the size
/// beforehand.
inline result<std::vector<std::byte>> read_file(const std::string& path,
                                                std::size_t limit = std::size_t{1} << 31) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> f(
      std::fopen(path.c_str(), "rb"), [](std::FILE* p) { return std::fclose(p); });
  if (!f) return file_error(errc::io, path, "no such file, or not readable");
  std::vector<std::byte> bytes;
  for (std::size_t step = 1 << 16;; step *= 2) {
    const std::size_t old = bytes.size();
    bytes.resize(old + step);
    const std::size_t got = std::fread(bytes.data() + old, 1, step, f.get());
    bytes.resize(old + got);
    if (bytes.size() > limit)
      return file_error(errc::too_large, path, "file", "over " + std::to_string(limit) + " bytes");
    if (got < step) break;
  }
  if (std::ferror(f.get())) return file_error(errc::io, path, "not readable");
  return bytes;
}

/// Writes a file whole; one that cannot be written completely is reported.
inline status write_file(const std::string& path, std::span<const std::byte> bytes) {
  std::FILE* f = std::fopen(path.c_str(), "wb");
  if (!f) return file_error(errc::io, path, "cannot be written");
  const bool all = bytes.empty() || std::fwrite(bytes.data(), 1, bytes.size(), f) == bytes.size();
  if ((std::fclose(f) != 0) || !all)
    return file_error(errc::io, path, "cannot be written completely");
  return unit{};
}
inline status write_file(const std::string& path, std::string_view text) {
  return write_file(path, std::as_bytes(std::span(text)));
}

/// "cat.bmp" of "a/b/cat.bmp".
inline std::string base_name(const std::string& path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

/// A JSON string literal.
inline std::string json_string(std::string_view s) {
  std::string q = "\"";
  for (char c : s) {
    if (c == '"' || c == '\\') q += '\\';
    if (static_cast<unsigned char>(c) < 32) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
      q += code;
    } else {
      q += c;
    }
  }
  return q + '"';
}

}  // namespace octet::tools

#endif  // OCTET_TOOLS_FILE_HPP_
