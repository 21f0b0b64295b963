// How much of a machine one model may take: one struct for every reader, folder, interpreter,
// preparer and planner.
#ifndef OCTET_CORE_LIMITS_HPP_
#define OCTET_CORE_LIMITS_HPP_

#include <limits>
#include <new>
#include <string>
#include <string_view>

#include "octet/core/error.hpp"

OCTET_COLD_NAMESPACE_BEGIN

/// What loading, planning and running one model may take. Each is checked before the memory is
/// allocated or the work is done; exceeding one is an error that names it (errc::too_large). The
/// defaults suit an application on a phone: networks of 200 MB load, a hostile file of any size
/// fails within seconds and half a gigabyte.
struct limits {
  std::size_t file_bytes = std::size_t{1} << 28;      // a file of a model
  std::size_t tensor_bytes = std::size_t{1} << 27;    // one tensor
  std::size_t constant_bytes = std::size_t{1} << 28;  // all constants: the file's and computed ones
  std::size_t arena_bytes = std::size_t{1} << 28;  // a session: values, states, scratch of threads
  std::size_t scratch_bytes = std::size_t{1} << 27;  // one operator while it runs, per thread
  std::size_t plan_bytes = std::size_t{1} << 28;     // a plan: packed weights, multipliers, tables
  std::size_t tensors = std::size_t{1} << 18;        // tensors of a graph
  std::size_t nodes = std::size_t{1} << 17;          // nodes of a graph
  std::size_t depth = 64;  // calls, blocks and expressions within one another: 128 KB of stack
  /// Elementary steps while a file is loaded (expressions of its program, elements that are
  /// computed or copied), beyond `work_per_byte` for each byte of the file.
  std::size_t work = std::size_t{1} << 24;

  static constexpr std::size_t work_per_byte = 128;

  /// No limit: for graphs that the caller made.
  static constexpr limits none() noexcept {
    limits l;
    for (const auto& [name, member] : list) l.*member = std::numeric_limits<std::size_t>::max();
    return l;
  }
  struct entry {
    std::string_view name;
    std::size_t limits::*member;
  };
  /// Every limit by its name.
  static const entry list[10];
};
inline constexpr limits::entry limits::list[10] = {
    {"file_bytes", &limits::file_bytes},
    {"tensor_bytes", &limits::tensor_bytes},
    {"constant_bytes", &limits::constant_bytes},
    {"arena_bytes", &limits::arena_bytes},
    {"scratch_bytes", &limits::scratch_bytes},
    {"plan_bytes", &limits::plan_bytes},
    {"tensors", &limits::tensors},
    {"nodes", &limits::nodes},
    {"depth", &limits::depth},
    {"work", &limits::work},
};

/// `what` exceeds the limit of that member. `found` and `most` in the member's unit.
OCTET_COLD inline error_info over_limit(std::size_t limits::*member, const limits& of,
                                        std::string_view what, std::string_view found = {}) {
  std::string_view name;
  for (const limits::entry& e : limits::list)
    if (e.member == member) name = e.name;
  return detail::error_of(errc::too_large, {what}, {found},
                          {"at most ", of.*member, ", the limit ", name});
}
/// An error where `found` is more than the limit.
inline status within_limit(std::size_t limits::*member, const limits& of, const char* what,
                           std::size_t found) {
  if (found <= of.*member) return unit{};
  return found == std::numeric_limits<std::size_t>::max()
             ? over_limit(member, of, what, "more than can be counted")
             : over_limit(member, of, what, detail::joined({found}));
}

/// Extents that kernels can index: none negative, at most max_elements elements. An extent of 0
/// counts as 1, here and against limits::tensor_bytes: it must hide neither a product of the others
/// that overflows nor loops over them. `what`: whose, "a tensor".
inline status verify_shape(const dims& shape, std::string_view what = "a tensor") {
  const auto wrong = [&](errc code, const char* front, const char* supported) {
    return detail::error_of(code, {front, what}, {shape}, {supported});
  };
  std::size_t elements = 1;
  for (const std::int32_t extent : shape) {
    if (extent < 0) return wrong(errc::invalid, "negative extent of ", "0 or more");
    elements = saturating_mul(elements, extent == 0 ? 1 : as_size(extent));
  }
  if (elements <= max_elements) return unit{};
  return wrong(errc::too_large, "", "at most 2^31 - 1 elements, an extent of 0 counted as 1");
}
/// The same, and the bytes within the caller's limit.
inline status verify_size(const dims& shape, dtype type, const limits& of,
                          std::string_view what = "a tensor") {
  if (auto s = verify_shape(shape, what); !s) return s;
  std::size_t elements = 1;
  for (const std::int32_t extent : shape) elements *= extent == 0 ? 1 : as_size(extent);
  const std::size_t bytes = bytes_of(Elements(elements), type).value;
  if (bytes <= of.tensor_bytes) return unit{};
  return over_limit(&limits::tensor_bytes, of, detail::joined({"bytes of ", what}),
                    detail::joined({bytes, " for ", shape}));
}

/// The system gives no memory for `bytes` that are within every limit.
OCTET_COLD inline error_info no_memory(std::size_t bytes) {
  return detail::error_of(errc::out_of_memory, {bytes, " bytes"}, {}, {});
}

/// f(), where there are exceptions (octet::compiled has them) with an error in place of
/// std::bad_alloc. Code built without them ends where memory does.
template <class F> auto with_memory_errors(F&& f) -> decltype(f()) {
#if defined(__cpp_exceptions)
  try {
    return f();
  } catch (const std::bad_alloc&) {
    return error_info{errc::out_of_memory, "memory", {}, {}, {}, {}, {}};
  }
#else
  return f();
#endif
}

/// The same while `file` is loaded, which the error names (where there is memory for its name).
template <class F> auto with_memory_errors(std::string_view file, F&& f) -> decltype(f()) {
  auto r = with_memory_errors(std::forward<F>(f));
  if (r || !r.error().file.empty()) return r;
#if defined(__cpp_exceptions)
  try {
    r.error().file = file;
  } catch (const std::bad_alloc&) {
  }
#else
  r.error().file = file;
#endif
  return r;
}

/// What is left of limits::work while one file is loaded.
class work_budget {
 public:
  work_budget(const limits& l, std::size_t file_bytes) noexcept
      : most_(saturating_add(l.work, saturating_mul(limits::work_per_byte, file_bytes))),
        left_(most_) {}
  /// Takes `steps`; false where fewer are left, now and ever after.
  bool take(std::size_t steps) noexcept {
    exhausted_ = exhausted_ || steps > left_;
    if (!exhausted_) left_ -= steps;
    return !exhausted_;
  }
  status spend(std::size_t steps) {
    if (take(steps)) return unit{};
    return error();
  }
  bool exhausted() const noexcept { return exhausted_; }
  error_info error() const {
    return {errc::too_large,
            "loading takes too many steps",
            {},
            {},
            {},
            {},
            "at most " + std::to_string(most_) + ", the limit work"};
  }

 private:
  std::size_t most_, left_;
  bool exhausted_ = false;
};

OCTET_NAMESPACE_END

#endif  // OCTET_CORE_LIMITS_HPP_
