// Reads FlexBuffers, the form of custom operators' options: a map of numbers, texts and lists of
// numbers as attributes. Every access is checked; what lies outside the bytes reads as absent.
#ifndef OCTET_IMPORT_TFLITE_FLEXBUFFER_HPP_
#define OCTET_IMPORT_TFLITE_FLEXBUFFER_HPP_

#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "octet/ops/op.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

/// Offsets in FlexBuffers count backwards from where they stand, in units of a container's width: a
/// value of a list is as wide as its list says; longer ones stand elsewhere, behind an offset.
class flexbuffer {
 public:
  explicit flexbuffer(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  /// Its values, where it holds a map. Other kinds than numbers, bools, texts and lists of numbers
  /// are left out.
  attributes map() const {
    attributes to;
    const std::size_t n = bytes_.size();
    if (n < 3) return to;
    const std::size_t width = bytes_[n - 1];
    if (!is_width(width) || n < 2 + width) return to;
    const entry root{n - 2 - width, width, bytes_[n - 2]};
    if (root.kind() != kind::map) return to;
    const auto values = list_at(root, true);
    if (!values) return to;
    const auto keys = keys_of(*values);
    if (!keys) return to;
    for (std::size_t i = 0; i < values->count; ++i) {
      const auto key = text(follow({keys->at + i * keys->width, keys->width, 0}));
      if (key && !key->empty()) put(to, *key, element(*values, i));
    }
    return to;
  }

 private:
  enum class kind : std::uint8_t {
    null = 0,
    integer = 1,
    natural = 2,
    real = 3,
    key = 4,
    text = 5,
    indirect_integer = 6,
    indirect_natural = 7,
    indirect_real = 8,
    map = 9,
    list = 10,
    integers = 11,
    naturals = 12,
    reals = 13,
    boolean = 26,
    booleans = 36
  };
  /// Where a value stands, how wide it is there, and its packed type: kind and the width of what an
  /// offset leads to.
  struct entry {
    std::size_t at = 0, width = 0;
    std::uint8_t packed = 0;
    flexbuffer::kind kind() const { return static_cast<flexbuffer::kind>(packed >> 2); }
    std::size_t target_width() const { return std::size_t{1} << (packed & 3); }
  };
  struct list_place {
    std::size_t at = 0, count = 0, width = 0;
    bool typed = false;
    flexbuffer::kind element = flexbuffer::kind::null;
  };
  static constexpr std::size_t most_elements = 1 << 16;

  static bool is_width(std::size_t w) { return w == 1 || w == 2 || w == 4 || w == 8; }
  std::optional<std::uint64_t> natural(std::size_t at, std::size_t width) const {
    if (!is_width(width) || at > bytes_.size() || width > bytes_.size() - at) return {};
    std::uint64_t v = 0;
    for (std::size_t i = 0; i < width; ++i) v |= std::uint64_t{bytes_[at + i]} << (8 * i);
    return v;
  }
  /// Where the offset that stands there leads to.
  std::optional<std::size_t> follow(const entry& e) const {
    const auto back = natural(e.at, e.width);
    if (!back || *back > e.at) return {};
    return e.at - as_size(*back);
  }
  std::optional<std::int64_t> integer(std::size_t at, std::size_t width) const {
    const auto v = natural(at, width);
    if (!v) return {};
    const unsigned unused = static_cast<unsigned>(64 - 8 * width);
    return static_cast<std::int64_t>(*v << unused) >> unused;
  }
  std::optional<double> real(std::size_t at, std::size_t width) const {
    const auto v = natural(at, width);
    if (!v || (width != 4 && width != 8)) return {};
    return width == 8 ? std::bit_cast<double>(*v)
                      : static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(*v)));
  }
  /// Bytes up to a zero.
  std::optional<std::string> text(std::optional<std::size_t> at) const {
    if (!at) return {};
    std::string s;
    for (std::size_t i = *at; i < bytes_.size() && s.size() < most_elements; ++i) {
      if (bytes_[i] == 0) return s;
      s.push_back(static_cast<char>(bytes_[i]));
    }
    return {};
  }
  /// The list behind an entry; `typed_behind`: a byte of type for each element follows it.
  std::optional<list_place> list_at(const entry& e, bool typed_behind) const {
    const auto at = follow(e);
    const std::size_t width = e.target_width();
    if (!at || *at < width) return {};
    const auto count = natural(*at - width, width);
    const std::size_t each = width + (typed_behind ? 1 : 0);
    if (!count || *count > most_elements || *count * each > bytes_.size() - *at) return {};
    return list_place{*at, as_size(*count), width, !typed_behind};
  }
  /// A map's keys: the list whose offset and width stand before the map's count.
  std::optional<list_place> keys_of(const list_place& values) const {
    if (values.at < 3 * values.width) return {};
    const auto width = natural(values.at - 2 * values.width, values.width);
    const auto at = follow({values.at - 3 * values.width, values.width, 0});
    if (!width || !at || !is_width(as_size(*width))) return {};
    if (values.count * as_size(*width) > bytes_.size() - *at) return {};
    return list_place{*at, values.count, as_size(*width), true};
  }
  entry element(const list_place& l, std::size_t i) const {
    const std::uint8_t packed = l.typed ? static_cast<std::uint8_t>(std::uint8_t(l.element) << 2)
                                        : bytes_[l.at + l.count * l.width + i];
    return {l.at + i * l.width, l.width, packed};
  }
  void put_list(attributes& to, const std::string& key, const list_place& l) const {
    std::vector<double> reals;
    std::vector<std::int64_t> integers;
    for (std::size_t i = 0; i < l.count; ++i) {
      attributes one;
      put(one, key, element(l, i));
      const attribute_value v = attribute_view(one).find(key);
      if (v.is(attribute_value::kind::integer)) {
        integers.push_back(v.integer);
        reals.push_back(static_cast<double>(v.integer));
      } else if (v.is(attribute_value::kind::real)) {
        reals.push_back(v.real);
      } else {
        return;
      }
    }
    if (integers.size() == reals.size())
      to.set(key, std::move(integers));
    else
      to.set(key, std::move(reals));
  }
  void put(attributes& to, const std::string& key, const entry& e) const {
    const auto set_integer = [&](std::optional<std::int64_t> v) {
      if (v) to.set(key, *v);
    };
    const auto set_real = [&](std::optional<double> v) {
      if (v) to.set(key, *v);
    };
    const auto typed = [&](kind element_kind) {
      auto l = list_at(e, false);
      if (!l) return;
      l->element = element_kind;
      put_list(to, key, *l);
    };
    switch (e.kind()) {
      case kind::integer: return set_integer(integer(e.at, e.width));
      case kind::natural:
      case kind::boolean:
        if (const auto v = natural(e.at, e.width); v && *v <= INT64_MAX)
          to.set(key, static_cast<std::int64_t>(*v));
        return;
      case kind::real: return set_real(real(e.at, e.width));
      case kind::indirect_integer:
      case kind::indirect_natural:
        if (const auto at = follow(e)) set_integer(integer(*at, e.target_width()));
        return;
      case kind::indirect_real:
        if (const auto at = follow(e)) set_real(real(*at, e.target_width()));
        return;
      case kind::key:
      case kind::text:
        if (auto s = text(follow(e))) to.set(key, std::move(*s));
        return;
      case kind::list:
        if (const auto l = list_at(e, true)) put_list(to, key, *l);
        return;
      case kind::integers: return typed(kind::integer);
      case kind::naturals: return typed(kind::natural);
      case kind::reals: return typed(kind::real);
      case kind::booleans: return typed(kind::boolean);
      case kind::null:
      case kind::map: return;
    }
  }

  std::span<const std::uint8_t> bytes_;
};

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_FLEXBUFFER_HPP_
