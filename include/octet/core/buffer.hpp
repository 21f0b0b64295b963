// Aligned storage and non-owning tensor views.
#ifndef OCTET_CORE_BUFFER_HPP_
#define OCTET_CORE_BUFFER_HPP_

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <utility>

#include "octet/core/shape.hpp"

OCTET_NAMESPACE_BEGIN

/// Every tensor, packed weight and scratch block starts at a multiple of this many bytes (one cache
/// line, one AVX-512 vector).
inline constexpr std::size_t alignment = 64;

/// Owning block of bytes, aligned, zero-filled, never resized. Moved from, it is empty.
class buffer {
 public:
  buffer() = default;
  explicit buffer(Bytes n) : size_(n.value) {
    if (size_ != 0) {
      data_ = static_cast<std::byte*>(
          ::operator new(round_up(size_, alignment), std::align_val_t(alignment)));
      std::memset(data_, 0, round_up(size_, alignment));
    }
  }
  /// Empty where there is no memory for it.
  static buffer try_make(Bytes n) noexcept {
    buffer b;
    if (n.value == 0 || n.value > static_cast<std::size_t>(-1) - alignment) return b;
    b.data_ = static_cast<std::byte*>(
        ::operator new(round_up(n.value, alignment), std::align_val_t(alignment), std::nothrow));
    if (b.data_ == nullptr) return b;
    b.size_ = n.value;
    std::memset(b.data_, 0, round_up(n.value, alignment));
    return b;
  }
  buffer(buffer&& o) noexcept
      : data_(std::exchange(o.data_, nullptr)), size_(std::exchange(o.size_, 0)) {}
  buffer& operator=(buffer&& o) noexcept {
    buffer b(std::move(o));  // frees what this one has
    std::swap(data_, b.data_);
    std::swap(size_, b.size_);
    return *this;
  }
  ~buffer() {
    if (data_ != nullptr) ::operator delete(data_, std::align_val_t(alignment));
  }
  std::byte* data() noexcept { return data_; }
  const std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  std::span<const std::byte> span() const noexcept { return {data_, size_}; }

 private:
  // No std::unique_ptr: <memory> takes every file as long to read as all of core.
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Elements of one type that somebody else owns, row-major, with their shape.
struct tensor_view {
  void* data = nullptr;
  dtype type = dtype::u8;
  dims shape;

  std::size_t size_bytes() const noexcept { return bytes_of(shape.elements(), type).value; }
  /// The elements as T; T must be the view's element type (an empty span otherwise).
  template <class T> std::span<T> as() const noexcept {
    return dtype_of<std::remove_const_t<T>> == type
               ? std::span<T>(static_cast<T*>(data), shape.elements().value)
               : std::span<T>();
  }
};
struct const_tensor_view {
  const void* data = nullptr;
  dtype type = dtype::u8;
  dims shape;
  constexpr const_tensor_view() = default;
  constexpr const_tensor_view(const void* d, dtype t, dims s) : data(d), type(t), shape(s) {}
  constexpr const_tensor_view(const tensor_view& v)
      : data(v.data), type(v.type), shape(v.shape) {}  // NOLINT
  std::size_t size_bytes() const noexcept { return bytes_of(shape.elements(), type).value; }
  template <class T> std::span<const T> as() const noexcept {
    return dtype_of<std::remove_const_t<T>> == type
               ? std::span<const T>(static_cast<const T*>(data), shape.elements().value)
               : std::span<const T>();
  }
};

OCTET_NAMESPACE_END

#endif  // OCTET_CORE_BUFFER_HPP_
