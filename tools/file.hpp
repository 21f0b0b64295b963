// Whole files in and out. Reading: regular files only, of at most a given size, so that neither a
// FIFO, a directory, /dev/zero nor a growing file blocks or fills the memory. Writing: beside the
// destination, then renamed, so that a full disk leaves no truncated file and an older file stays
// whole.
#ifndef OCTET_TOOLS_FILE_HPP_
#define OCTET_TOOLS_FILE_HPP_

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "octet/core/error.hpp"

namespace octet::tools {

inline error_info file_error(errc code, std::string file, std::string what, std::string found = {},
                             std::string supported = {}) {
  return {code, std::move(what), std::move(file), {}, {}, std::move(found), std::move(supported)};
}

namespace detail {

/// A file descriptor with its owner.
class descriptor {
 public:
  explicit descriptor(int fd = -1) : fd_(fd) {}
  descriptor(descriptor&& o) noexcept : fd_(std::exchange(o.fd_, -1)) {}
  descriptor& operator=(descriptor&& o) noexcept {
    std::swap(fd_, o.fd_);
    return *this;
  }
  ~descriptor() { close(); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  /// False where the system reports here that what was written is not stored.
  bool close() { return fd_ < 0 || ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

struct opened {
  descriptor file;
  std::size_t size = 0;
};
/// Opens a regular file to read. O_NONBLOCK: opening a FIFO returns at once, to be refused.
inline result<opened> open_regular(const std::string& path) {
  descriptor f(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat st {};
  if (!f || ::fstat(f.get(), &st) != 0) return file_error(errc::io, path, std::strerror(errno));
  if (!S_ISREG(st.st_mode))
    return file_error(errc::io, path,
                      S_ISDIR(st.st_mode) ? "is a directory" : "not a regular file");
  return opened{std::move(f), static_cast<std::size_t>(st.st_size)};
}

/// Reads until `to` is full or the file ends; the bytes read, or -1 with errno.
inline std::ptrdiff_t read_up_to(int fd, std::span<std::byte> to) {
  std::size_t at = 0;
  while (at < to.size()) {
    const auto got = ::read(fd, to.data() + at, to.size() - at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    at += static_cast<std::size_t>(got);
  }
  return static_cast<std::ptrdiff_t>(at);
}

}  // namespace detail

/// Is this a regular file that can be opened? For readers that open their file themselves.
inline status check_regular(const std::string& path) {
  auto f = detail::open_regular(path);
  if (!f) return f.error();
  return unit{};
}

/// The first `most` bytes of a regular file, or what it has.
inline result<std::vector<std::byte>> read_head(const std::string& path, std::size_t most) {
  auto f = detail::open_regular(path);
  if (!f) return f.error();
  std::vector<std::byte> bytes(most);
  const auto got = detail::read_up_to(f->file.get(), bytes);
  if (got < 0) return file_error(errc::io, path, std::strerror(errno));
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

/// All bytes of a regular file of at most `limit` bytes.
inline result<std::vector<std::byte>> read_file(const std::string& path,
                                                std::size_t limit = std::size_t{1} << 31) {
  auto f = detail::open_regular(path);
  if (!f) return f.error();
  if (f->size > limit)
    return file_error(errc::too_large, path, "file", std::to_string(f->size) + " bytes",
                      "at most " + std::to_string(limit) + " bytes");
  std::vector<std::byte> bytes(f->size + 1);  // one more shows that the file grows
  const auto got = detail::read_up_to(f->file.get(), bytes);
  if (got < 0) return file_error(errc::io, path, std::strerror(errno));
  if (static_cast<std::size_t>(got) > f->size)
    return file_error(errc::io, path, "the file grows while it is read");
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

/// A file to be written.
struct new_file {
  std::string path;
  std::span<const std::byte> bytes;

  new_file(std::string to, std::span<const std::byte> what) : path(std::move(to)), bytes(what) {}
  new_file(std::string to, std::string_view text)
      : new_file(std::move(to), std::as_bytes(std::span(text))) {}
};

namespace detail {

/// Whether this process has the file open as standard output or error.
inline bool is_standard_stream(const struct stat& file) {
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat own {};
    if (::fstat(fd, &own) == 0 && own.st_dev == file.st_dev && own.st_ino == file.st_ino)
      return true;
  }
  return false;
}

/// The file beside its destination; removed unless it was put into place.
class staged_file {
 public:
  staged_file() = default;
  staged_file(staged_file&& o) noexcept
      : beside_(std::exchange(o.beside_, {})), path_(std::move(o.path_)) {}
  staged_file& operator=(staged_file&&) = delete;
  ~staged_file() {
    if (!beside_.empty()) ::unlink(beside_.c_str());
  }

  /// Writes all bytes, as far as the disk takes them. What is no regular file (a terminal, a pipe,
  /// a device) is written in place, and so is a regular file that stands behind a standard stream
  /// (/dev/stdout after `>`): a new file in its place would not have what was printed before.
  static result<staged_file> write(const new_file& n) {
    staged_file s;
    const auto failed = [&](int code) {
      return file_error(errc::write, n.path, std::strerror(code));
    };
    struct stat old {};
    const bool exists = ::stat(n.path.c_str(), &old) == 0;
    descriptor f;
    if (exists && (!S_ISREG(old.st_mode) || is_standard_stream(old))) {
      f = descriptor(::open(n.path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
      if (!f) return failed(errno);
      ::fcntl(f.get(), F_SETFL, ::fcntl(f.get(), F_GETFL) & ~O_NONBLOCK);
    } else {
      s.path_ = n.path;
      const std::unique_ptr<char, decltype(&std::free)> real(::realpath(n.path.c_str(), nullptr),
                                                             &std::free);  // a link stays a link
      if (real) s.path_ = real.get();
      const std::size_t name = s.path_.find_last_of('/') + 1;
      std::string beside;
      for (int k = 0; !f && k < 100 && (k == 0 || errno == EEXIST); ++k) {
        beside = s.path_.substr(0, name) + ".octet-" + std::to_string(::getpid()) + "-" +
                 std::to_string(k) + ".tmp";
        f = descriptor(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
      }
      if (!f) return failed(errno);
      s.beside_ = std::move(beside);
      if (exists) ::fchmod(f.get(), old.st_mode & 07777);
    }
    for (std::size_t at = 0; at < n.bytes.size();) {
      const auto put = ::write(f.get(), n.bytes.data() + at, n.bytes.size() - at);
      if (put < 0 && errno != EINTR) return failed(errno);
      if (put > 0) at += static_cast<std::size_t>(put);
    }
    if (!f.close()) return failed(errno);
    return s;
  }
  status put_into_place() {
    if (beside_.empty()) return unit{};
    if (::rename(beside_.c_str(), path_.c_str()) != 0)
      return file_error(errc::write, path_, std::strerror(errno));
    beside_.clear();
    return unit{};
  }

 private:
  std::string beside_, path_;  // beside_ empty: nothing to rename or remove
};

}  // namespace detail

/// Writes files that belong together: none appears before all could be written whole.
inline status write_files(std::initializer_list<new_file> files) {
  std::vector<detail::staged_file> staged;
  for (const new_file& n : files) {
    auto s = detail::staged_file::write(n);
    if (!s) return s.error();
    staged.push_back(std::move(*s));
  }
  for (detail::staged_file& s : staged)
    if (auto placed = s.put_into_place(); !placed) return placed;
  return unit{};
}
inline status write_file(const std::string& path, std::span<const std::byte> bytes) {
  return write_files({{path, bytes}});
}
inline status write_file(const std::string& path, std::string_view text) {
  return write_files({{path, text}});
}

/// "cat.bmp" of "a/b/cat.bmp".
inline std::string base_name(const std::string& path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

/// ".npy" of "a/b.c/x.npy", in lower case; empty where the name has none.
inline std::string ending_of(const std::string& path) {
  const std::string name = base_name(path);
  const std::size_t dot = name.rfind('.');
  std::string ending = dot == std::string::npos ? std::string() : name.substr(dot);
  for (char& c : ending)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return ending;
}

}  // namespace octet::tools

#endif  // OCTET_TOOLS_FILE_HPP_
