// What can be asked of any of octet's enumerations: its enumerators, and the one of a given name.
//
// There is one list beside the enumeration itself: its name_of(), a switch without `default`, which
// does not compile while an enumerator is missing (-Wswitch-enum is an error in octet's own build).
// Whatever iterates or looks up takes the enumerators from there.
#ifndef OCTET_CORE_ENUMERATORS_HPP_
#define OCTET_CORE_ENUMERATORS_HPP_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "octet/core/config.hpp"

OCTET_NAMESPACE_BEGIN

/// What name_of() returns for a value that is none of the enumerators (a number from a file).
inline constexpr std::string_view no_enumerator = "?";

/// True where `e` is one of the enumerators of E, not just a number of its underlying type.
template <class E> constexpr bool is_enumerator(E e) noexcept {
  return name_of(e) != no_enumerator;
}

namespace detail {
/// octet's enumerators follow each other from 0 (tests/core_test.cpp tries all values): every file
/// lists those of several enumerations when it is compiled.
template <class E> constexpr std::size_t count_enumerators() {
  static_assert(sizeof(E) == 1, "octet's enumerations have one byte");
  std::size_t n = 0;
  while (n < 256 && is_enumerator(static_cast<E>(static_cast<std::uint8_t>(n)))) ++n;
  return n;
}
template <class E> constexpr auto list_enumerators() {
  std::array<E, count_enumerators<E>()> list{};
  for (std::size_t i = 0; i < list.size(); ++i)
    list[i] = static_cast<E>(static_cast<std::uint8_t>(i));
  return list;
}
}  // namespace detail

/// Every enumerator of E in the order of their values (of those name_of() names): a std::array.
template <class E> inline constexpr auto enumerators = detail::list_enumerators<E>();

/// The enumerator whose name_of() is `name`; nothing where there is none.
template <class E> constexpr std::optional<E> enumerator_named(std::string_view name) noexcept {
  for (const E e : enumerators<E>)
    if (name_of(e) == name) return e;
  return std::nullopt;
}

OCTET_NAMESPACE_END

#endif  // OCTET_CORE_ENUMERATORS_HPP_
