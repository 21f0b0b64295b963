// Whole files in memory, for the loaders: mapped, or read.
#ifndef OCTET_IMPORT_COMMON_FILE_HPP_
#define OCTET_IMPORT_COMMON_FILE_HPP_

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#if defined(__unix__) || defined(__APPLE__)
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include "octet/core/buffer.hpp"
#include "octet/core/limits.hpp"
#include "octet/core/mapping.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

/// Bytes of a file, 64-byte aligned (a mapped file: a page), shared by everything that points into
/// them.
struct file_bytes {
  std::string name;
  std::shared_ptr<const void> owner;
  std::span<const std::byte> bytes;
};

/// Copies bytes the caller has in memory.
inline file_bytes from_memory(std::string name, std::span<const std::byte> bytes) {
  auto b = std::make_shared<buffer>(Bytes(bytes.size()));
  if (!bytes.empty()) std::memcpy(b->data(), bytes.data(), bytes.size());
  const auto s = b->span();
  return {std::move(name), std::move(b), s};
}

/// Reads a whole regular file of at most max.file_bytes.
inline result<file_bytes> read_file(const std::string& path, const limits& max = {}) {
  const auto fail = [&](errc c, std::string what) {
    return error_info{c, std::move(what), path, {}, {}, {}, {}};
  };
#if defined(__unix__) || defined(__APPLE__)
  // Before it is opened: that waits for a FIFO's other end.
  struct stat st {};
  if (::stat(path.c_str(), &st) == 0 && !S_ISREG(st.st_mode))
    return fail(errc::io, "not a regular file");
#endif
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> f(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!f) return fail(errc::io, std::strerror(errno));
  if (std::fseek(f.get(), 0, SEEK_END) != 0) return fail(errc::io, "not a regular file");
  const long size = std::ftell(f.get());
  if (size < 0 || size == 0x7fffffffffffffffL) return fail(errc::io, "not a regular file");
  if (auto s = within_limit(&limits::file_bytes, max, "bytes of the file", as_size(size)); !s) {
    error_info e = s.error();
    e.file = path;
    return e;
  }
  std::rewind(f.get());
  auto b = std::make_shared<buffer>(buffer::try_make(Bytes(as_size(size))));
  if (b->size() != as_size(size))
    return fail(errc::out_of_memory, std::to_string(size) + " bytes of the file");
  if (size != 0 && std::fread(b->data(), 1, as_size(size), f.get()) != as_size(size))
    return fail(errc::io, std::ferror(f.get()) ? std::strerror(errno) : "the file ended early");
  if (std::fgetc(f.get()) != EOF) return fail(errc::io, "the file grows while it is read");
  const auto s = b->span();
  return file_bytes{path, std::move(b), s};
}

/// The bytes of a whole regular file of at most max.file_bytes: mapped where the system can, so
/// that planning may give back what it has packed (give_back), else read.
inline result<file_bytes> map_file(const std::string& path, const limits& max = {}) {
#if defined(__unix__) || defined(__APPLE__)
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // waits for no FIFO
  if (fd < 0) return read_file(path, max);
  struct close_at_end {
    int fd;
    ~close_at_end() { ::close(fd); }
  } const closes{fd};
  struct stat st {};
  if (::fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0)
    return read_file(path, max);  // with its error; of size 0 are also files that have none
  const auto size = static_cast<std::size_t>(st.st_size);
  if (size > max.file_bytes) return read_file(path, max);
  void* const p = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (p == MAP_FAILED) return read_file(path, max);
  std::shared_ptr<const void> owner(p, mapping{size});  // first: nothing else may fail before
  return file_bytes{path, std::move(owner), {static_cast<const std::byte*>(p), size}};
#else
  return read_file(path, max);
#endif
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_COMMON_FILE_HPP_
