// Definitions of error.hpp. Included by it unless the build links octet::compiled.
#ifndef OCTET_CORE_ERROR_IMPL_HPP_
#define OCTET_CORE_ERROR_IMPL_HPP_

#include "octet/core/error.hpp"

OCTET_COLD_NAMESPACE_BEGIN

namespace detail {
/// Bytes of the UTF-8 sequence at the front of `s` that one line of a terminal can show; 0 where
/// there is none: control characters, line and paragraph separators, marks that turn the direction
/// of writing, broken sequences.
constexpr std::size_t printable_bytes(std::string_view s) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7F ? 1 : 0;
  const std::size_t n = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (n == 0 || s.size() < n) return 0;
  for (std::size_t i = 1; i < n; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  if (lead == 0xC2 && byte(1) < 0xA0) return 0;
  if (lead == 0xE2 && byte(1) == 0x80 && byte(2) >= 0xA8 && byte(2) <= 0xAE) return 0;
  if (lead == 0xE2 && byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9) return 0;
  return n;
}

OCTET_INLINE std::string one_line(std::string_view text, std::size_t most) {
  constexpr char digits[] = "0123456789abcdef";
  std::string s;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t n = printable_bytes(text.substr(i));
    const auto c = static_cast<unsigned char>(text[i]);
    if (n != 0)
      s += text.substr(i, n);
    else
      s += {'\\', 'x', digits[c >> 4], digits[c & 15]};
    i += n != 0 ? n : 1;
  }
  if (s.size() <= most) return s;
  const auto inside = [&](std::size_t i) {
    return (static_cast<unsigned char>(s[i]) & 0xC0) == 0x80;
  };
  std::size_t head = most / 2, tail = s.size() - most / 2;
  while (head > 0 && inside(head)) --head;
  while (tail < s.size() && inside(tail)) ++tail;
  return s.substr(0, head) + "..." + s.substr(tail);
}
}  // namespace detail

namespace detail {
OCTET_COLD OCTET_INLINE void text_piece::append_to(std::string& s) const {
  switch (kind_) {
    case kind::text: s.append(text_); return;
    case kind::whole: s.append(std::to_string(whole_)); return;
    case kind::size: s.append(std::to_string(size_)); return;
    case kind::real: s.append(std::to_string(real_)); return;
    case kind::shape: s.append(to_string(*shape_)); return;
  }
}
OCTET_COLD OCTET_INLINE std::string joined(text_pieces pieces) {
  std::string s;
  for (const text_piece& p : pieces) p.append_to(s);
  return s;
}
OCTET_COLD OCTET_INLINE error_info error_of(errc code, text_pieces what, text_pieces found,
                                            text_pieces supported) {
  return {code, joined(what), {}, {}, {}, joined(found), joined(supported)};
}
OCTET_COLD OCTET_INLINE error_info error_in(const violation& v, const error_box& e) {
  return v ? broken_rule(v) : e ? *e : error_info{};
}
}  // namespace detail

OCTET_INLINE std::string error_info::message() const {
  using detail::one_line;
  std::string s;
  for (const std::string* p : {&file, &node, &tensor})
    if (!p->empty()) s += one_line(*p) + ": ";
  s += std::string(name_of(code)) + ": " + one_line(what, 400);
  if (!found.empty() || !supported.empty()) {
    s += " (";
    if (!found.empty()) s += "found " + one_line(found, 2000);
    if (!found.empty() && !supported.empty()) s += "; ";
    if (!supported.empty()) s += "supported: " + one_line(supported, 2000);
    s += ")";
  }
  return s;
}
OCTET_COLD OCTET_INLINE std::string to_string(const dims& d) {
  std::string s = "[";
  for (int i = 0; i < d.rank; ++i) {
    if (i != 0) s += ',';
    s += std::to_string(d[i]);
  }
  s += ']';
  return s;
}
OCTET_COLD OCTET_INLINE error_info broken_rule(const violation& v) {
  // The extents of what a wrong rank is compared with say nothing.
  if (v.what == rule::rank)
    return detail::error_of(errc::invalid, {name_of(v.what)}, {v.found},
                            {"rank ", v.expected.rank});
  return detail::error_of(errc::invalid, {name_of(v.what)}, {v.found}, {v.expected});
}

OCTET_NAMESPACE_END

#endif  // OCTET_CORE_ERROR_IMPL_HPP_
