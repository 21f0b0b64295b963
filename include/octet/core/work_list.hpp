// Memory of a call, freed when it returns.
#ifndef OCTET_CORE_WORK_LIST_HPP_
#define OCTET_CORE_WORK_LIST_HPP_

#include <cstddef>

#include "octet/core/config.hpp"

OCTET_NAMESPACE_BEGIN
namespace detail {

/// A list of fixed length that constant evaluation may use too. Not copyable.
template <class T> class work_list {
 public:
  constexpr explicit work_list(std::size_t n) : data_(new T[n + 1]{}), size_(n) {}
  work_list(const work_list&) = delete;
  work_list& operator=(const work_list&) = delete;
  constexpr ~work_list() { delete[] data_; }
  constexpr T& operator[](std::size_t i) { return data_[i]; }
  constexpr const T& operator[](std::size_t i) const { return data_[i]; }
  constexpr std::size_t size() const { return size_; }
  constexpr T* begin() { return data_; }
  constexpr T* end() { return data_ + size_; }

 private:
  T* data_;
  std::size_t size_;
};

}  // namespace detail
OCTET_NAMESPACE_END

#endif  // OCTET_CORE_WORK_LIST_HPP_
