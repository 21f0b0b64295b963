// Memory that ends at an unmapped page, at any alignment: reads and writes beyond the end stop the
// test.
#ifndef OCTET_TESTS_GUARDED_HPP_
#define OCTET_TESTS_GUARDED_HPP_

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

namespace octet_test {

/// `size` bytes whose last one is followed by an unmapped page. Filled with 0xA5.
class guarded {
 public:
  explicit guarded(std::size_t size) : size_(size) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    mapped_ = (size + page - 1) / page * page + page;
    base_ = static_cast<std::byte*>(
        mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base_ + mapped_ - page, page, PROT_NONE);
    data_ = base_ + mapped_ - page - size;
    std::memset(data_, 0xA5, size);
  }
  guarded(guarded&& o) noexcept
      : base_(std::exchange(o.base_, nullptr)),
        data_(o.data_),
        mapped_(o.mapped_),
        size_(o.size_) {}
  guarded(const guarded&) = delete;
  guarded& operator=(const guarded&) = delete;
  guarded& operator=(guarded&&) = delete;
  ~guarded() {
    if (base_ != nullptr) munmap(base_, mapped_);
  }
  std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  template <class T> T* as() const noexcept { return reinterpret_cast<T*>(data_); }

 private:
  std::byte *base_, *data_;
  std::size_t mapped_, size_;
};

}  // namespace octet_test

#endif  // OCTET_TESTS_GUARDED_HPP_
