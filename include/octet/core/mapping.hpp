// Files in memory whose pages the system may take back: it has them in the file.
#ifndef OCTET_CORE_MAPPING_HPP_
#define OCTET_CORE_MAPPING_HPP_

#include <cstddef>
#include <memory>
#include <span>

#if defined(__unix__) || defined(__APPLE__)
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#endif

#include "octet/core/config.hpp"

OCTET_NAMESPACE_BEGIN

/// How the owner of a mapped file's bytes lets go of them: what the owner of any others is not.
struct mapping {
  std::size_t size;  // bytes
  void operator()(const void* p) const noexcept {
#if defined(__unix__) || defined(__APPLE__)
    ::munmap(const_cast<void*>(p), size);
#else
    static_cast<void>(p);
#endif
  }
};

/// Gives back the memory of `bytes` where they are part of a mapped file, which `owner` holds:
/// whole pages, which are read from the file again when somebody looks at them. Elsewhere, and
/// where the compiler has no type information (-fno-rtti), nothing happens.
inline void give_back(const std::shared_ptr<const void>& owner,
                      std::span<const std::byte> bytes) noexcept {
#if defined(__unix__) || defined(__APPLE__)
  if (owner == nullptr || std::get_deleter<mapping>(owner) == nullptr) return;
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto at = reinterpret_cast<std::uintptr_t>(bytes.data()),
             begin = (at + page - 1) / page * page, end = (at + bytes.size()) / page * page;
  if (begin < end)
    static_cast<void>(::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED));
#else
  static_cast<void>(owner);
  static_cast<void>(bytes);
#endif
}

OCTET_NAMESPACE_END

#endif  // OCTET_CORE_MAPPING_HPP_
