// Errors: one value that names file, node, tensor, what was found and what is supported.
#ifndef OCTET_CORE_ERROR_HPP_
#define OCTET_CORE_ERROR_HPP_

#include <concepts>
#include <cstdlib>
#include <exception>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "octet/core/shape.hpp"

OCTET_COLD_NAMESPACE_BEGIN

enum class errc : std::uint8_t {
  ok = 0,
  io,             // a file cannot be read
  malformed,      // the bytes are not a valid file of their format
  unsupported,    // valid, but not (yet) something octet runs exactly
  invalid,        // the graph or a call breaks a rule (shape, dtype, quantization)
  too_large,      // over a limit of octet or of the caller's options
  write,          // a file cannot be written
  out_of_memory,  // the system gives no more, below the limits
};
constexpr std::string_view name_of(errc c) noexcept {
  switch (c) {
    case errc::ok: return "ok";
    case errc::io: return "cannot read";
    case errc::malformed: return "malformed";
    case errc::unsupported: return "unsupported";
    case errc::invalid: return "invalid";
    case errc::too_large: return "too large";
    case errc::write: return "cannot write";
    case errc::out_of_memory: return "out of memory";
  }
  return no_enumerator;
}

namespace detail {
/// `text` fit for one line, at most `most` bytes and three dots long: what a terminal would act on
/// appears as \xNN, the middle of longer text is left out. Names in files are the file's maker's
/// choice.
std::string one_line(std::string_view text, std::size_t most = 200);
}  // namespace detail

/// What went wrong, in the user's terms. Empty fields are left out of the message.
struct error_info {
  errc code = errc::ok;
  std::string what;    // one clause: "weight count differs from the shape"
  std::string file;    // as the caller named it
  std::string node;    // operator and its name or index in the file: "CONV_2D #12"
  std::string tensor;  // the tensor's name in the file
  std::string found;
  std::string supported;  // what would have been accepted

  /// One line: "file: node: tensor: what (found F; supported S)". Names, which come from files, are
  /// cut to 200 bytes, lists to 2000, and hold nothing that a terminal would act on.
  std::string message() const;
};

namespace detail {
/// Text of an error, piece by piece: names and numbers. What makes errors is in every header-only
/// file, and sums of strings are most of what it would compile.
class text_piece {
 public:
  constexpr text_piece(std::string_view s) noexcept : text_(s), kind_(kind::text) {}  // NOLINT
  constexpr text_piece(const char* s) noexcept : text_piece(std::string_view(s)) {}   // NOLINT
  text_piece(const std::string& s) noexcept : text_piece(std::string_view(s)) {}      // NOLINT
  template <std::signed_integral T>
  constexpr text_piece(T v) noexcept : whole_(v), kind_(kind::whole) {}  // NOLINT
  template <std::unsigned_integral T>
  constexpr text_piece(T v) noexcept : size_(v), kind_(kind::size) {}               // NOLINT
  constexpr text_piece(double v) noexcept : real_(v), kind_(kind::real) {}          // NOLINT
  constexpr text_piece(const dims& d) noexcept : shape_(&d), kind_(kind::shape) {}  // NOLINT
  void append_to(std::string& s) const;

 private:
  enum class kind : std::uint8_t { text, whole, size, real, shape };
  union {
    std::string_view text_;
    std::int64_t whole_;
    std::uint64_t size_;
    double real_;
    const dims* shape_;
  };
  kind kind_;
};
using text_pieces = std::initializer_list<text_piece>;
std::string joined(text_pieces pieces);
/// An error that names neither file nor node.
error_info error_of(errc code, text_pieces what, text_pieces found, text_pieces supported);
}  // namespace detail

/// The rules an operator can find broken. Loaded files report it as text, typed graphs as a
/// template argument.
enum class rule : std::uint8_t {
  ok,
  rank,
  shapes_differ,
  other_extents,
  channels,
  weight_count,
  bias_count,
  axis,
  groups,
  stride,
  window,
  element_count,
  input_count,
  value,
  budget
};
constexpr std::string_view name_of(rule r) noexcept {
  switch (r) {
    case rule::ok: return "ok";
    case rule::rank: return "wrong rank";
    case rule::shapes_differ: return "shapes differ";
    case rule::other_extents: return "shapes differ beside the axis";
    case rule::channels: return "channel count differs";
    case rule::weight_count: return "weight count differs from the shape";
    case rule::bias_count: return "bias count differs from the channels";
    case rule::axis: return "axis out of range";
    case rule::groups: return "channels are not divisible by groups";
    case rule::stride: return "stride or dilation is not positive";
    case rule::window: return "window is larger than the padded input";
    case rule::element_count: return "element count differs";
    case rule::input_count: return "wrong number of inputs";
    case rule::value: return "value out of range";
    case rule::budget: return "over budget";
  }
  return no_enumerator;
}
/// A broken rule with what was expected and found; `what == rule::ok` means none. Plain data: rules
/// work in constant evaluation.
struct violation {
  rule what = rule::ok;
  dims expected{};
  dims found{};
  constexpr explicit operator bool() const { return what != rule::ok; }
};

std::string to_string(const dims& d);
error_info broken_rule(const violation& v);

namespace detail {
/// Owns an error_info on the heap: only errors allocate, success costs one pointer and works in
/// constant evaluation. What makes and frees one is a call: errors pass through everything, and the
/// frames of a recursion should not hold what each of them might say.
class error_box {
 public:
  constexpr error_box() = default;
  OCTET_NOINLINE explicit error_box(const error_info& e) : p_(new error_info(e)) {}
  OCTET_NOINLINE explicit error_box(error_info&& e) : p_(new error_info(std::move(e))) {}
  error_box(const error_box& o) : p_(o.p_ ? new error_info(*o.p_) : nullptr) {}
  constexpr error_box(error_box&& o) noexcept : p_(std::exchange(o.p_, nullptr)) {}
  constexpr error_box& operator=(error_box o) noexcept {
    std::swap(p_, o.p_);
    return *this;
  }
  constexpr ~error_box() {
    if (p_) drop(p_);
  }
  constexpr explicit operator bool() const noexcept { return p_ != nullptr; }
  error_info& operator*() const noexcept { return *p_; }

 private:
  OCTET_NOINLINE static void drop(error_info* p) noexcept { delete p; }
  error_info* p_ = nullptr;
};
}  // namespace detail

namespace detail {
error_info error_in(const violation& v, const error_box& e);
}
/// A value or an error_info. Loaders and planning return it; works without exceptions. error() only
/// where there is one.
template <class T> class [[nodiscard]] result {
 public:
  constexpr result(T v)
      : value_(std::move(v)) {}               // NOLINT: implicit on purpose, as in std::expected
  result(const error_info& e) : error_(e) {}  // NOLINT
  result(error_info&& e) : error_(std::move(e)) {}        // NOLINT
  result(const violation& v) : error_(broken_rule(v)) {}  // NOLINT
  constexpr explicit operator bool() const noexcept { return value_.has_value(); }
  constexpr bool has_value() const noexcept { return value_.has_value(); }
  constexpr T& operator*() & noexcept { return *value_; }
  constexpr const T& operator*() const& noexcept { return *value_; }
  constexpr T&& operator*() && noexcept { return std::move(*value_); }
  constexpr T* operator->() noexcept { return &*value_; }
  constexpr const T* operator->() const noexcept { return &*value_; }
  const error_info& error() const noexcept { return *error_; }
  error_info& error() noexcept { return *error_; }

 private:
  std::optional<T> value_;
  detail::error_box error_;
};
struct unit {};
/// Success, a broken rule, or an error_info. The first two need no heap and are literal: shape
/// rules return them in constant evaluation.
template <> class [[nodiscard]] result<unit> {
 public:
  constexpr result(unit) {}                             // NOLINT
  constexpr result(const violation& v) : broken_(v) {}  // NOLINT
  result(const error_info& e) : error_(e) {}            // NOLINT
  result(error_info&& e) : error_(std::move(e)) {}      // NOLINT
  constexpr explicit operator bool() const noexcept { return !broken_ && !error_; }
  constexpr bool has_value() const noexcept { return static_cast<bool>(*this); }
  constexpr const violation& broken() const noexcept { return broken_; }
  error_info error() const { return detail::error_in(broken_, error_); }

 private:
  violation broken_;
  detail::error_box error_;
};
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
  if (!r) throw error(r.error());
  if constexpr (std::is_same_v<T, unit>)
    return unit{};
  else
    return std::move(*r);
}
#endif

namespace detail {
/// For what has no other way to report: throws octet::error, or ends the program where exceptions
/// are off.
inline void require(const status& s) {
  if (s) return;
#if defined(__cpp_exceptions)
  throw octet::error(s.error());
#else
  std::abort();
#endif
}
}  // namespace detail

OCTET_NAMESPACE_END

#if OCTET_HAS_DEFINITIONS
#include "octet/core/error-impl.hpp"
#endif

#endif  // OCTET_CORE_ERROR_HPP_
