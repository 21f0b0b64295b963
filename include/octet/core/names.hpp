// Names of inputs and results that the compiler sees: net("image"_in = pixels)["scores"_out].
#ifndef OCTET_CORE_NAMES_HPP_
#define OCTET_CORE_NAMES_HPP_

#include <cstddef>
#include <string_view>
#include <type_traits>

#include "octet/core/config.hpp"

OCTET_NAMESPACE_BEGIN

/// Text as a template argument.
template <std::size_t N> struct fixed_text {
  char text[N]{};
  constexpr fixed_text(const char (&s)[N]) {  // NOLINT: string literals name things
    for (std::size_t i = 0; i < N; ++i) text[i] = s[i];
  }
  constexpr std::string_view view() const { return {text, N - 1}; }
  constexpr bool operator==(const fixed_text&) const = default;
};
/// What a call gives to the input of a name. Refers to the caller's memory.
template <fixed_text Name, class Memory> struct given_input {
  static constexpr std::string_view name = Name.view();
  Memory& memory;
};
/// An input by name.
template <fixed_text Name> struct input_name {
  static constexpr std::string_view name = Name.view();
  template <class Memory>
  constexpr given_input<Name, std::remove_reference_t<Memory>> operator=(Memory&& memory) const {
    return {memory};
  }
};
/// A result by name.
template <fixed_text Name> struct output_name {
  static constexpr std::string_view name = Name.view();
};

namespace detail {
template <class T> inline constexpr bool is_given_input = false;
template <fixed_text Name, class Memory>
inline constexpr bool is_given_input<given_input<Name, Memory>> = true;
/// Whether all names are different.
template <class... Given> constexpr bool names_differ() {
  const std::string_view names[] = {Given::name...};
  for (std::size_t i = 0; i < sizeof...(Given); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (names[i] == names[k]) return false;
  return true;
}
}  // namespace detail

/// `using namespace octet::literals;`
namespace literals {
template <fixed_text Name> constexpr input_name<Name> operator""_in() { return {}; }
template <fixed_text Name> constexpr output_name<Name> operator""_out() { return {}; }
}  // namespace literals

OCTET_NAMESPACE_END

#endif  // OCTET_CORE_NAMES_HPP_
