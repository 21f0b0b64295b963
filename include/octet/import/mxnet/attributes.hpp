// Values of a symbol's attributes: MXNet writes them as Python would print them.
#ifndef OCTET_IMPORT_MXNET_ATTRIBUTES_HPP_
#define OCTET_IMPORT_MXNET_ATTRIBUTES_HPP_

#include <charconv>
#include <optional>

#include "octet/import/mxnet/symbol.hpp"

OCTET_NAMESPACE_BEGIN
namespace mxnet_model {
namespace detail {

constexpr std::string_view trimmed(std::string_view s) {
  constexpr std::string_view blank = " \t\r\n";
  const auto first = s.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(blank) - first + 1);
}
template <class T> std::optional<T> number_in(std::string_view s) {
  s = trimmed(s);
  if constexpr (std::is_integral_v<T>) {
    if (s.ends_with('L')) s.remove_suffix(1);  // Python 2 prints long integers so
  }
  if (s.starts_with('+')) s.remove_prefix(1);
  T v{};
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (error != std::errc() || end != s.data() + s.size()) return {};
  return v;
}

}  // namespace detail

/// "3", "3L".
inline std::optional<std::int64_t> integer_in(std::string_view s) {
  return detail::number_in<std::int64_t>(s);
}
/// "36.890671", "1e-05": the nearest float32.
inline std::optional<float> real_in(std::string_view s) { return detail::number_in<float>(s); }
inline std::optional<double> wide_real_in(std::string_view s) {
  return detail::number_in<double>(s);
}
/// "True", "true", "1" and their opposites.
inline std::optional<bool> boolean_in(std::string_view s) {
  s = detail::trimmed(s);
  if (s == "True" || s == "true" || s == "1") return true;
  if (s == "False" || s == "false" || s == "0") return false;
  return {};
}
namespace detail {

/// The elements of "(3, 3)", "[3,3]", "(3,)", "()", "3", each read by `parse`.
template <class T>
std::optional<std::vector<T>> list_in(std::string_view s,
                                      std::optional<T> (*parse)(std::string_view)) {
  s = trimmed(s);
  const bool round = s.starts_with('('), square = s.starts_with('[');
  if (round || square) {
    if (s.size() < 2 || s.back() != (round ? ')' : ']')) return {};
    s = trimmed(s.substr(1, s.size() - 2));
  }
  std::vector<T> list;
  while (!s.empty()) {
    const auto comma = s.find(',');
    const auto v = parse(s.substr(0, comma));
    if (!v) return {};
    list.push_back(*v);
    s = comma == std::string_view::npos ? std::string_view() : trimmed(s.substr(comma + 1));
  }
  return list;
}

}  // namespace detail

/// "(3, 3)", "[3,3]", "(3,)", "()", "3".
inline std::optional<std::vector<std::int64_t>> integers_in(std::string_view s) {
  return detail::list_in<std::int64_t>(s, &integer_in);
}
/// An integer, or "None".
using integer_or_none = std::optional<std::int64_t>;
/// "(0, None, -1)".
inline std::optional<std::vector<integer_or_none>> integers_or_none_in(std::string_view s) {
  return detail::list_in<integer_or_none>(
      s, [](std::string_view part) -> std::optional<integer_or_none> {
        if (detail::trimmed(part) == "None") return integer_or_none();
        const auto v = integer_in(part);
        if (!v) return {};
        return integer_or_none(v);
      });
}

}  // namespace mxnet_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_ATTRIBUTES_HPP_
