// Errors: one value that names file, node, tensor, what was found and what is supported.
#ifndef OCTET_CORE_ERROR_HPP_
#define OCTET_CORE_ERROR_HPP_

#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "octet/core/types.hpp"

namespace octet::inline OCTET_ABI {

enum class errc : std::uint8_t {
  ok = 0,
  io,            // a file cannot be read or written
  malformed,     // the bytes are not a valid file of their format
  unsupported,   // valid, but not (yet) something octet runs exactly
  invalid,       // the graph or a call breaks a rule (shape, dtype, quantization)
  too_large,     // over a limit of octet or of the caller's options
};
constexpr std::string_view name_of(errc c) noexcept {
  constexpr std::string_view n[] = {"ok", "cannot read", "malformed", "unsupported", "invalid", "too large"};
  return n[static_cast<std::size_t>(c)];
}

/// What went wrong, in the user's terms. Empty fields are left out of the message.
struct error_info {
  errc code = errc::ok;
  std::string what;        // one clause: "weight count differs from the shape"
  std::string file;        // as the caller named it
  std::string node;        // operator and its name or index in the file: "CONV_2D #12"
  std::string tensor;      // the tensor's name in the file
  std::string found;
  std::string supported;   // what would have been accepted

  /// One line: "file: node: tensor: what (found F; supported S)".
  std::string message() const {
    std::string s;
    for (const std::string* p : {&file, &node, &tensor})
      if (!p->empty()) s += *p + ": ";
    s += std::string(name_of(code)) + ": " + what;
    if (!found.empty() || !supported.empty()) {
      s += " (";
      if (!found.empty()) s += "found " + found;
      if (!found.empty() && !supported.empty()) s += "; ";
      if (!supported.empty()) s += "supported: " + supported;
      s += ")";
    }
    return s;
  }
};

/// A value or an error_info. Loaders and planning return it; works without exceptions.
template <class T> class [[nodiscard]] result {
 public:
  result(T v) : value_(std::move(v)) {}                // NOLINT: implicit on purpose, as in std::expected
  result(error_info e) : error_(std::move(e)) {}       // NOLINT
  explicit operator bool() const noexcept { return value_.has_value(); }
  bool has_value() const noexcept { return value_.has_value(); }
  T& operator*() & noexcept { return *value_; }
  const T& operator*() const& noexcept { return *value_; }
  T&& operator*() && noexcept { return std::move(*value_); }
  T* operator->() noexcept { return &*value_; }
  const T* operator->() const noexcept { return &*value_; }
  const error_info& error() const noexcept { return error_; }
  error_info& error() noexcept { return error_; }

 private:
  std::optional<T> value_;
  error_info error_;
};
struct unit {};
using status = result<unit>;

#if defined(__cpp_exceptions)
/// What the throwing wrappers throw.
class error : public std::exception {
 public:
  explicit error(error_info i) : info_(std::move(i)), text_(info_.message()) {}
  const char* what() const noexcept override { return text_.c_str(); }
  const error_info& info() const noexcept { return info_; }

 private:
  error_info info_;
  std::string text_;
};
template <class T> T value_or_throw(result<T> r) {
  if (!r) throw error(std::move(r.error()));
  return std::move(*r);
}
#endif

}  // namespace octet::inline OCTET_ABI

#endif  // OCTET_CORE_ERROR_HPP_
