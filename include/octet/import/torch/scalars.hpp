// Operators of a program on numbers, strings and lists, and what is known of a tensor without its
// data: computed when the file is loaded.
#ifndef OCTET_IMPORT_TORCH_SCALARS_HPP_
#define OCTET_IMPORT_TORCH_SCALARS_HPP_

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "octet/import/torch/context.hpp"
#include "octet/numerics/math.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// What an operator gives; nothing where the name is not one of these operators for these
/// arguments.
using answer = std::optional<result<value>>;
using value_list = std::vector<value>;

inline bool read_number(const value& v, double& to) {
  if (v.is(kind::real))
    to = v.d;
  else if (v.is(kind::integer))
    to = static_cast<double>(v.i);
  else if (v.is(kind::boolean))
    to = v.b ? 1 : 0;
  else
    return false;
  return true;
}
/// Nothing where the two cannot be compared.
inline std::optional<bool> equal(const value& a, const value& b) {
  double x = 0, y = 0;
  if (a.is(kind::integer) && b.is(kind::integer)) return a.i == b.i;
  if (read_number(a, x) && read_number(b, y)) return x == y;
  if (a.is(kind::string) && b.is(kind::string)) return a.c->text == b.c->text;
  if (a.is(kind::none) || b.is(kind::none)) return a.is(kind::none) && b.is(kind::none);
  std::vector<std::int64_t> u, v;
  if (read_integers(a, u) && read_integers(b, v)) return u == v;
  return {};
}
/// base[index] of lists, tuples and dicts.
inline result<value> item(const value& base, const value& index) {
  if (base.is_sequence() && index.is(kind::integer)) {
    const auto n = static_cast<std::int64_t>(base.c->items.size());
    const std::int64_t i = index.i < 0 ? index.i + n : index.i;
    if (i < 0 || i >= n)
      return invalid("index of a list", std::to_string(index.i), std::to_string(n) + " elements");
    return base.c->items[as_size(i)];
  }
  if (base.is(kind::dict) && (index.is(kind::string) || index.is(kind::integer))) {
    const auto& items = base.c->items;  // key, value, key, value
    for (std::size_t i = 0; i + 1 < items.size(); i += 2)
      if (items[i].what == index.what && equal(items[i], index).value_or(false))
        return items[i + 1];
    return invalid("key of a dict",
                   index.is(kind::string) ? index.c->text : std::to_string(index.i));
  }
  return unsupported("a subscript of this kind", std::string(name_of(base.what)) + "[" +
                                                     std::string(name_of(index.what)) + "]");
}

/// Operators that change the list or dict they are given.
inline bool changes_items(std::string_view name, const std::vector<value>& a) {
  if (a.empty() || !(a[0].is(kind::list) || a[0].is(kind::dict))) return false;
  constexpr std::string_view list[] = {"aten::append",  "aten::_set_item", "aten::extend",
                                       "aten::insert",  "aten::pop",       "aten::add_",
                                       "aten::reverse", "aten::clear",     "aten::remove",
                                       "aten::sort",    "aten::Delete"};
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}
/// Sets d[key].
inline void set_item(cell& d, const value& key, const value& v) {
  for (std::size_t i = 0; i + 1 < d.items.size(); i += 2)
    if (equal(d.items[i], key).value_or(false)) {
      d.items[i + 1] = v;
      return;
    }
  d.items.push_back(key);
  d.items.push_back(v);
}

/// What one of these operators is given, by the names of its schema's parameters.
class scalar_call {
 public:
  scalar_call(context& with, std::string_view operator_name, std::string_view parameters,
              const value_list& given, const keyword_arguments& keywords)
      : c(with), name(operator_name), parameters_(parameters), given_(given), keywords_(keywords) {}

  context& c;                   // NOLINT: rows make values of it
  const std::string_view name;  // "aten::size"

  /// Whether the schema takes as many, and each of the keywords.
  bool fits() const {
    std::size_t names = 0, required = 0;
    for_each([&](std::size_t i, std::string_view, bool optional) {
      names = i + 1;
      if (!optional) required = names;
      return true;
    });
    if (given_.size() > names) return false;
    for (const auto& k : keywords_)
      if (place_of(k.first) >= names || place_of(k.first) < given_.size()) return false;
    std::size_t missing = 0;
    for_each([&](std::size_t i, std::string_view parameter, bool optional) {
      if (!optional && i >= given_.size() && !keyword(parameter)) ++missing;
      return true;
    });
    return missing == 0;
  }
  bool has(std::string_view parameter) const {
    return place_of(parameter) < given_.size() || keyword(parameter);
  }
  /// None where nothing is given for it.
  value operator[](std::string_view parameter) const {
    const std::size_t i = place_of(parameter);
    if (i < given_.size()) return given_[i];
    if (const value* v = keyword(parameter)) return *v;
    if (i == no_place && !c.mistake)
      c.mistake = invalid(std::string(parameter) + " is no parameter of " + std::string(name));
    return {};
  }

 private:
  static constexpr std::size_t no_place = ~std::size_t{0};
  /// f(place, name, optional) of each parameter until it gives false. "l, start?, step?".
  void for_each(const auto& f) const {
    std::string_view rest = parameters_;
    for (std::size_t i = 0; !rest.empty(); ++i) {
      const std::size_t comma = rest.find(',');
      std::string_view one = rest.substr(0, comma);
      const bool optional = one.ends_with('?');
      if (optional) one.remove_suffix(1);
      if (!f(i, one, optional) || comma == std::string_view::npos) return;
      rest.remove_prefix(comma + 2);
    }
  }
  std::size_t place_of(std::string_view parameter) const {
    std::size_t place = no_place;
    for_each([&](std::size_t i, std::string_view one, bool) {
      if (one == parameter) place = i;
      return place == no_place;
    });
    return place;
  }
  const value* keyword(std::string_view parameter) const {
    for (const auto& k : keywords_)
      if (k.first == parameter) return &k.second;
    return nullptr;
  }

  std::string_view parameters_;
  const value_list& given_;
  const keyword_arguments& keywords_;
};

/// One form of an operator: its parameters, those that may be missing with a question mark, and
/// what computes it. A name may have several rows; the first that takes what is given answers.
struct scalar_row {
  std::string_view name, parameters;
  answer (*compute)(const scalar_call&);
};

namespace scalar_rows {

inline value wrapped(std::uint64_t v) { return value::of(static_cast<std::int64_t>(v)); }
inline value length_of(std::size_t n) { return value::of(static_cast<std::int64_t>(n)); }
/// Where `index` is among n elements, of which negative ones count from the end.
inline std::int64_t from_end(std::int64_t index, std::int64_t n) {
  return index < 0 ? index + n : index;
}

// ---- what is known of a tensor ----

inline answer sizes(const scalar_call& a) {
  if (!a["self"].is(kind::tensor)) return {};
  return a.c.values.integers(a["self"].t->size);
}
inline answer size_along(const scalar_call& a) {
  const value dim = a["dim"];
  if (!a["self"].is(kind::tensor) || !dim.is(kind::integer)) return {};
  const tensor_data& t = *a["self"].t;
  const std::int64_t d = from_end(dim.i, t.rank());
  if (d < 0 || d >= t.rank())
    return invalid("dimension of size()", std::to_string(dim.i),
                   std::to_string(t.rank()) + " dimensions");
  return value::of(t.size[as_size(d)]);
}
inline answer rank(const scalar_call& a) {
  if (!a["self"].is(kind::tensor)) return {};
  return value::of(std::int64_t{a["self"].t->rank()});
}
inline answer count(const scalar_call& a) {
  if (!a["self"].is(kind::tensor)) return {};
  return value::of(a["self"].t->elements());
}
/// Of codes with one scale.
inline answer quantization_of(const scalar_call& a) {
  const value self = a["self"];
  if (!self.is(kind::tensor) || self.t->scales.size() != 1) return {};
  if (a.name == "aten::q_scale") return value::of(self.t->scales[0]);
  return value::of(std::int64_t{self.t->zero_points[0]});
}
inline answer is_floating_point(const scalar_call& a) {
  if (!a["self"].is(kind::tensor)) return {};
  const scalar type = a["self"].t->type;
  return value::of(type == scalar::f32 || type == scalar::f64 || type == scalar::f16);
}
inline answer device_of_tensor(const scalar_call& a) {
  if (!a["a"].is(kind::tensor)) return {};
  return a.c.values.string("cpu");
}
/// is_cuda, is_nested, requires_grad.
inline answer is_other(const scalar_call& a) {
  if (!a["a"].is(kind::tensor)) return {};
  return value::of(false);
}
inline answer type_of_tensor(const scalar_call& a) {
  if (!a["a"].is(kind::tensor)) return {};
  return value::of(static_cast<std::int64_t>(a["a"].t->type));
}
inline answer is_quantized_tensor(const scalar_call& a) {
  if (!a["a"].is(kind::tensor)) return {};
  return value::of(is_quantized(a["a"].t->type));
}

// ---- values of any kind ----

inline answer nothing(const scalar_call&) { return value{}; }
/// As PyTorch prints it; nothing of values whose text is part of exceptions only.
inline std::optional<std::string> text_of(const value& v) {
  if (v.is(kind::string)) return v.c->text;
  if (v.is(kind::integer)) return std::to_string(v.i);
  if (v.is(kind::boolean)) return v.b ? "True" : "False";
  if (v.is(kind::none)) return "None";
  if (!v.is(kind::real)) return {};
  if (v.d > -1e10 && v.d < 1e10 && numerics::floor(v.d) == v.d)
    return std::to_string(static_cast<std::int64_t>(v.d)) + ".";
  char digits[32]{};
  const auto end = std::to_chars(digits, digits + sizeof digits, v.d, std::chars_format::general,
                                 std::numeric_limits<double>::max_digits10);
  return std::string(digits, end.ptr);
}
/// "o{}" of format (f-strings too) and "o%d" of percentFormat: keys of dicts, and names.
inline answer format_text(const scalar_call& a) {
  if (!a["self"].is(kind::string)) return {};
  constexpr std::string_view parameters[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
  const std::string& pattern = a["self"].c->text;
  const bool percent = a.name == "aten::percentFormat";
  std::string text;
  std::size_t next = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::string_view two = std::string_view(pattern).substr(i, 2);
    if (percent && two == "%%") {
      text += '%', ++i;
      continue;
    }
    const bool taken = percent ? two == "%s" || two == "%d" || two == "%i" : two == "{}";
    const std::optional<std::string> of =
        taken && next < std::size(parameters) ? text_of(a[parameters[next]]) : std::nullopt;
    next += taken ? 1u : 0u;
    text += of ? *of : std::string(1, pattern[i]);
    i += of ? 1u : 0u;
  }
  return a.c.values.string(std::move(text));
}
/// ", ".join(list of strings).
inline answer joined_texts(const scalar_call& a) {
  if (!a["self"].is(kind::string) || !a["values"].is_sequence()) return {};
  std::string text;
  for (const value& v : a["values"].c->items) {
    if (!v.is(kind::string)) return {};
    if (&v != a["values"].c->items.data()) text += a["self"].c->text;
    text += v.c->text;
    if (!a.c.values.room_for(text.size() / sizeof(value)))
      return too_large("values of the program");
  }
  return a.c.values.string(std::move(text));
}
/// The one element of a tensor that is known when the file is loaded.
inline answer only_element(const scalar_call& a) {
  if (!a["self"].is(kind::tensor) || !a.c.known(*a["self"].t)) return {};
  return a.c.scalar_of(*a["self"].t);
}
/// What no file is run with: autocast, gradients.
inline answer is_off(const scalar_call&) { return value::of(false); }
inline answer device_of_name(const scalar_call& a) { return a["a"]; }
inline answer number_of_traced(const scalar_call& a) {
  if (a["a"].is(kind::tensor)) return {};
  return a["a"];
}
inline answer not_none(const scalar_call& a) { return a["optional"]; }
inline answer negated(const scalar_call& a) {
  if (!a["self"].is(kind::boolean)) return {};
  return value::of(!a["self"].b);
}
/// `is None`, `is not None`, and whether two tensors are one: `query is key` in attention.
inline answer is_none(const scalar_call& a) {
  const value left = a["self"], right = a["obj"];
  const bool same = left.is(kind::none) && right.is(kind::none),
             none = left.is(kind::none) || right.is(kind::none);
  if (!none && !(left.is(kind::tensor) && right.is(kind::tensor))) return {};
  return value::of((a.name == "aten::__is__") == (none ? same : left.t == right.t));
}
/// What scripted code has checked to be there; a value of any kind.
inline answer unwrapped(const scalar_call& a) {
  const value v = a["optional"];
  if (v.is(kind::none)) return invalid("None where the program has an optional value unwrapped");
  return v;
}
inline answer length(const scalar_call& a) {
  const value v = a["a"];
  if (v.is_sequence()) return length_of(v.c->items.size());
  if (v.is(kind::dict)) return length_of(v.c->items.size() / 2);
  if (v.is(kind::string)) return length_of(v.c->text.size());
  if (v.is(kind::tensor) && v.t->rank() > 0) return value::of(v.t->size[0]);
  return {};
}
inline answer contains(const scalar_call& a) {
  const value in = a["l"], what = a["item"];
  if (!in.is_sequence() && !in.is(kind::dict)) return {};
  bool found = false;
  for (std::size_t i = 0; i < in.c->items.size(); i += in.is(kind::dict) ? 2u : 1u)
    found |= equal(in.c->items[i], what).value_or(false);
  return value::of(found);
}
inline answer get_item(const scalar_call& a) {
  if (a["list"].is(kind::tensor)) return {};
  return item(a["list"], a["idx"]);
}
/// keys(), values() and items() of a dict, which holds key, value, key, value.
inline answer of_dict(const scalar_call& a) {
  if (!a["self"].is(kind::dict)) return {};
  const value_list& held = a["self"].c->items;
  value_list items;
  for (std::size_t i = 0; i + 1 < held.size(); i += 2)
    items.push_back(a.name == "aten::keys" ? held[i]
                    : a.name == "aten::values"
                        ? held[i + 1]
                        : a.c.values.list({held[i], held[i + 1]}, kind::tuple));
  return a.c.values.list(std::move(items));
}
inline answer copy_of_list(const scalar_call& a) {
  if (!a["l"].is_sequence()) return {};
  return a.c.values.list(a["l"].c->items);
}
inline answer put_item(const scalar_call& a) {
  const value to = a["l"], at = a["idx"];
  if (to.is(kind::dict)) {
    set_item(*to.c, at, a["el"]);
    return value{};
  }
  if (!to.is(kind::list) || !at.is(kind::integer)) return {};
  const auto n = static_cast<std::int64_t>(to.c->items.size());
  const std::int64_t i = from_end(at.i, n);
  if (i < 0 || i >= n) return invalid("index of a list", std::to_string(at.i));
  to.c->items[as_size(i)] = a["el"];
  return value{};
}

// ---- lists ----

inline answer append(const scalar_call& a) {
  if (!a["self"].is(kind::list)) return {};
  a.c.values.count(sizeof(value));
  a["self"].c->items.push_back(a["el"]);
  return a["self"];
}
/// extend, and `list += list`.
inline answer extend(const scalar_call& a) {
  if (!a["self"].is(kind::list) || !a["other"].is_sequence()) return {};
  const value_list more = a["other"].c->items;  // may be the same list
  if (!a.c.values.room_for(more.size())) return too_large("values of the program");
  a.c.values.count(more.size() * sizeof(value));
  value_list& items = a["self"].c->items;
  items.insert(items.end(), more.begin(), more.end());
  return a["self"];
}
inline answer insert(const scalar_call& a) {
  if (!a["self"].is(kind::list) || !a["idx"].is(kind::integer)) return {};
  value_list& items = a["self"].c->items;
  const auto n = static_cast<std::int64_t>(items.size());
  const std::int64_t at = std::clamp<std::int64_t>(from_end(a["idx"].i, n), 0, n);
  a.c.values.count(sizeof(value));
  items.insert(items.begin() + static_cast<std::ptrdiff_t>(at), a["el"]);
  return value{};
}
inline answer pop(const scalar_call& a) {
  const value idx = a.has("idx") ? a["idx"] : value::of(std::int64_t{-1});
  if (!a["self"].is(kind::list) || !idx.is(kind::integer)) return {};
  value_list& items = a["self"].c->items;
  const auto n = static_cast<std::int64_t>(items.size());
  const std::int64_t at = from_end(idx.i, n);
  if (at < 0 || at >= n) return invalid("index of a list", std::to_string(idx.i));
  const value v = items[as_size(at)];
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(at));
  return v;
}
/// del list[i], del dict[key].
inline answer delete_item(const scalar_call& a) {
  const value of = a["self"], at = a["idx"];
  if (of.is(kind::list)) {
    const answer popped = pop(a);
    return popped && *popped ? answer(value{}) : popped;
  }
  if (!of.is(kind::dict)) return {};
  value_list& items = of.c->items;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2)
    if (equal(items[i], at).value_or(false)) {
      items.erase(items.begin() + static_cast<std::ptrdiff_t>(i),
                  items.begin() + static_cast<std::ptrdiff_t>(i + 2));
      return value{};
    }
  return invalid("key of a dict");
}
/// As Python has it: a step below 0 goes from the end to the beginning.
inline answer slice(const scalar_call& a) {
  if (!a["l"].is(kind::list)) return {};
  const value_list& all = a["l"].c->items;
  const auto n = static_cast<std::int64_t>(all.size());
  const std::int64_t step = a["step"].is(kind::integer) ? a["step"].i : 1;
  if (step == 0) return invalid("step of a slice", std::to_string(step));
  const bool back = step < 0;
  const std::int64_t first = back ? -1 : 0, behind = back ? n - 1 : n;
  const auto bound = [&](const value& v, std::int64_t otherwise) {
    return v.is(kind::integer) ? std::clamp<std::int64_t>(from_end(v.i, n), first, behind)
                               : otherwise;
  };
  const std::int64_t end = bound(a["end"], back ? first : behind);
  value_list items;
  for (std::int64_t i = bound(a["start"], back ? behind : first); back ? i > end : i < end;
       i += back ? std::max(step, end - i) : std::min(step, end - i))
    items.push_back(all[as_size(i)]);
  return a.c.values.list(std::move(items));
}
/// Of whole numbers a whole number, which wraps.
inline answer sum(const scalar_call& a) {
  if (!a["self"].is(kind::list)) return {};
  std::uint64_t whole = 0;
  double real = 0;
  bool integers = true;
  for (const value& v : a["self"].c->items) {
    double d = 0;
    if (!read_number(v, d)) return {};
    real += d;
    integers &= !v.is(kind::real);
    whole += v.is(kind::integer) ? static_cast<std::uint64_t>(v.i) : d != 0 ? 1 : 0;
  }
  return integers ? wrapped(whole) : value::of(real);
}
/// [0] * 4.
inline answer repeated(const scalar_call& a) {
  if (!a["l"].is(kind::list) || !a["n"].is(kind::integer)) return {};
  const value_list& once = a["l"].c->items;
  const auto times = as_size(std::max<std::int64_t>(a["n"].i, 0));
  if (!once.empty() && (!a.c.values.room_for(times) || !a.c.values.room_for(times * once.size())))
    return too_large("values of the program");
  value_list items;
  for (std::size_t k = 0; !once.empty() && k < times; ++k)
    items.insert(items.end(), once.begin(), once.end());
  return a.c.values.list(std::move(items));
}
inline answer joined(const scalar_call& a) {
  const value left = a["a"], right = a["b"];
  if (!left.is_sequence() || !right.is_sequence()) return {};
  if (!a.c.values.room_for(left.c->items.size() + right.c->items.size()))
    return too_large("values of the program");
  value_list items = left.c->items;
  items.insert(items.end(), right.c->items.begin(), right.c->items.end());
  return a.c.values.list(std::move(items), left.what);
}
inline answer extreme_of_list(const scalar_call& a) {
  std::vector<std::int64_t> n;
  if (!read_integers(a["self"], n) || n.empty()) return {};
  return value::of(a.name == "prim::min" ? *std::min_element(n.begin(), n.end())
                                         : *std::max_element(n.begin(), n.end()));
}

inline answer reverse(const scalar_call& a) {
  if (!a["self"].is(kind::list)) return {};
  std::reverse(a["self"].c->items.begin(), a["self"].c->items.end());
  return value{};
}
inline answer clear(const scalar_call& a) {
  if (!a["self"].is(kind::list)) return {};
  a["self"].c->items.clear();
  return value{};
}
/// Of numbers, in place.
inline answer sort_numbers(const scalar_call& a) {
  if (!a["self"].is(kind::list)) return {};
  value_list& items = a["self"].c->items;
  double n = 0;
  for (const value& v : items)
    if (!read_number(v, n) || n != n) return {};
  const bool falling = a["reverse"].is(kind::boolean) && a["reverse"].b;
  std::stable_sort(items.begin(), items.end(), [&](const value& x, const value& y) {
    double u = 0, v = 0;
    return read_number(x, u) && read_number(y, v) && (falling ? v < u : u < v);
  });
  return value{};
}
/// index, count and remove of an element that is a number or a string.
inline answer of_element(const scalar_call& a) {
  if (!a["self"].is(kind::list)) return {};
  value_list& items = a["self"].c->items;
  std::int64_t count = 0, first = -1;
  for (std::size_t i = 0; i < items.size(); ++i)
    if (equal(items[i], a["el"]).value_or(false)) {
      if (first < 0) first = static_cast<std::int64_t>(i);
      ++count;
    }
  if (a.name == "aten::count") return value::of(count);
  if (first < 0) return invalid("an element that is not in the list");
  if (a.name == "aten::index") return value::of(first);
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(first));
  return value{};
}
/// any and all of a list of numbers or bools.
inline answer of_all(const scalar_call& a) {
  if (!a["self"].is_sequence()) return {};
  const bool every = a.name == "aten::all";
  bool is = every;
  for (const value& v : a["self"].c->items) {
    double n = 0;
    if (!read_number(v, n)) return {};
    is = every ? is && n != 0 : is || n != 0;
  }
  return value::of(is);
}
/// d.get(key, otherwise).
inline answer get_or(const scalar_call& a) {
  if (!a["self"].is(kind::dict)) return {};
  const value_list& items = a["self"].c->items;
  for (std::size_t i = 0; i + 1 < items.size(); i += 2)
    if (equal(items[i], a["key"]).value_or(false)) return items[i + 1];
  return a["default_value"];
}

// ---- strings ----

inline answer of_text(const scalar_call& a) {
  if (!a["self"].is(kind::string) || !a["part"].is(kind::string)) return {};
  const std::string &text = a["self"].c->text, &part = a["part"].c->text;
  if (a.has("start") && !equal(a["start"], value::of(std::int64_t{0})).value_or(false)) return {};
  if (const value end = a["end"];
      end.is(kind::integer) && end.i != -1 && end.i < static_cast<std::int64_t>(text.size()))
    return {};
  if (a.name == "aten::startswith") return value::of(text.starts_with(part));
  if (a.name == "aten::endswith") return value::of(text.ends_with(part));
  const std::size_t at = text.find(part);
  return value::of(at == std::string::npos ? std::int64_t{-1} : static_cast<std::int64_t>(at));
}
inline answer joined_text(const scalar_call& a) {
  if (!a["a"].is(kind::string) || !a["b"].is(kind::string)) return {};
  return a.c.values.string(a["a"].c->text + a["b"].c->text);
}
/// lower and upper of ASCII letters.
inline answer other_case(const scalar_call& a) {
  if (!a["self"].is(kind::string)) return {};
  std::string text = a["self"].c->text;
  const bool lower = a.name == "aten::lower";
  for (char& c : text)
    if (lower ? c >= 'A' && c <= 'Z' : c >= 'a' && c <= 'z') c = static_cast<char>(c ^ 32);
  return a.c.values.string(std::move(text));
}

// ---- ranges: range(lo, hi, step) is a count, of which each loop makes its own number ----

inline bool is_small(const value& v) {
  return v.is(kind::integer) && v.i > INT64_MIN / 4 && v.i < INT64_MAX / 4;
}
inline answer derive_index(const scalar_call& a) {
  const value index = a["index"], start = a["start"], step = a["step"];
  if (!is_small(index) || !is_small(start) || !is_small(step)) return {};
  return wrapped(static_cast<std::uint64_t>(start.i) +
                 static_cast<std::uint64_t>(index.i) * static_cast<std::uint64_t>(step.i));
}
inline answer range_length(const scalar_call& a) {
  const value lo = a["lo"], hi = a["hi"], step = a["step"];
  if (!is_small(lo) || !is_small(hi) || !is_small(step)) return {};
  if (step.i == 0) return invalid("step of a range", "0");
  if (step.i > 0) return value::of(lo.i < hi.i ? 1 + (hi.i - 1 - lo.i) / step.i : std::int64_t{0});
  return value::of(lo.i > hi.i ? 1 + (lo.i - 1 - hi.i) / -step.i : std::int64_t{0});
}

// ---- numbers ----

/// What an operator of one number gives. Overflow wraps, as in PyTorch.
inline answer of_number(const scalar_call& a) {
  const value v = a["a"];
  const std::string_view name = a.name;
  double x = 0;
  if (!read_number(v, x)) return {};
  const bool integer = v.is(kind::integer);
  if (name == "aten::Int" || name == "aten::ScalarImplicit" || name == "aten::IntImplicit")
    return integer ? answer(v) : answer();
  if (name == "aten::Float" || name == "aten::FloatImplicit") return value::of(x);
  if (name == "aten::Bool") return value::of(x != 0);
  if (name == "aten::floor" || name == "aten::ceil") {
    if (!(x > -9e18 && x < 9e18)) return {};
    return value::of(static_cast<std::int64_t>(name == "aten::floor" ? numerics::floor(x)
                                                                     : -numerics::floor(-x)));
  }
  if (name == "aten::sqrt") return x >= 0 ? answer(value::of(numerics::sqrt(x))) : answer();
  if (name == "aten::log") return x > 0 ? answer(value::of(numerics::log(x))) : answer();
  if (name == "aten::exp") return value::of(numerics::exp(x));
  if (name == "aten::sin") return value::of(numerics::sin(x));
  if (name == "aten::cos") return value::of(numerics::cos(x));
  if (name == "aten::round") return value::of(numerics::rint(x));
  const value negative = integer ? wrapped(0 - static_cast<std::uint64_t>(v.i)) : value::of(-x);
  if (name == "aten::neg") return negative;
  if (name != "aten::abs") return {};
  if (integer) return v.i < 0 ? negative : v;
  return value::of(x < 0 ? -x : x);
}
inline answer compared(std::string_view name, auto x, auto y) {
  if (name == "aten::gt") return value::of(x > y);
  if (name == "aten::lt") return value::of(x < y);
  if (name == "aten::ge") return value::of(x >= y);
  if (name == "aten::le") return value::of(x <= y);
  return {};
}
inline answer equality(const scalar_call& a) {
  if (a["a"].is(kind::tensor) || a["b"].is(kind::tensor)) return {};  // data decides
  const auto same = equal(a["a"], a["b"]);
  if (!same) return {};
  return value::of((a.name == "aten::eq") == *same);
}
inline answer of_integers(std::string_view name, std::int64_t x, std::int64_t y) {
  const auto u = static_cast<std::uint64_t>(x), v = static_cast<std::uint64_t>(y);
  if (name == "aten::add") return wrapped(u + v);
  if (name == "aten::sub") return wrapped(u - v);
  if (name == "aten::mul") return wrapped(u * v);
  const bool remainder = name == "aten::remainder";
  if (!remainder && name != "aten::floordiv" && name != "aten::floor_divide")
    return compared(name, x, y);
  if (y == 0 || (y == -1 && x == INT64_MIN)) return invalid("division", std::to_string(y));
  const std::int64_t quotient = x / y, rest = x % y;
  const bool down = rest != 0 && (rest < 0) != (y < 0);
  if (remainder) return value::of(down ? rest + y : rest);
  return value::of(down ? quotient - 1 : quotient);
}
/// Comparisons, and arithmetic of two numbers. `alpha` of sums and differences is 1.
inline answer of_two(const scalar_call& a) {
  const value left = a["a"], right = a["b"];
  const std::string_view name = a.name;
  double x = 0, y = 0;
  if (!read_number(left, x) || !read_number(right, y)) return {};
  if (left.is(kind::integer) && right.is(kind::integer)) return of_integers(name, left.i, right.i);
  if (name == "aten::add") return value::of(x + y);
  if (name == "aten::sub") return value::of(x - y);
  if (name == "aten::mul") return value::of(x * y);
  if ((name == "aten::floordiv" || name == "aten::floor_divide") && y != 0)
    return value::of(numerics::floor(numerics::div(x, y)));
  return compared(name, x, y);
}
/// x + alpha * y and x - alpha * y: what programs write of numbers has no alpha but 1.
inline answer of_sum(const scalar_call& a) {
  if (a.has("alpha") && !equal(a["alpha"], value::of(std::int64_t{1})).value_or(false)) return {};
  return of_two(a);
}
inline answer of_bools(const scalar_call& a) {
  if (!a["a"].is(kind::boolean) || !a["b"].is(kind::boolean)) return {};
  return value::of(a.name == "aten::__and__" ? a["a"].b && a["b"].b : a["a"].b || a["b"].b);
}
/// A quotient is a real number; with a rounding mode that of two whole numbers is whole.
inline answer quotient(const scalar_call& a) {
  const value left = a["a"], right = a["b"], mode = a["rounding_mode"];
  double x = 0, y = 0;
  if (!read_number(left, x) || !read_number(right, y) || !(y != 0)) return {};
  if (mode.is(kind::none)) return value::of(x / y);
  if (!mode.is(kind::string)) return {};
  const bool down = mode.c->text == "floor";
  if (!down && mode.c->text != "trunc") return {};
  if (left.is(kind::integer) && right.is(kind::integer)) {
    if (down) return of_integers("aten::floordiv", left.i, right.i);
    if (right.i == -1 && left.i == INT64_MIN) return invalid("division", "-1");
    return value::of(left.i / right.i);
  }
  const double q = numerics::div(x, y);
  return value::of(down || q >= 0 ? numerics::floor(q) : -numerics::floor(-q));
}
inline answer power(const scalar_call& a) {
  double x = 0, y = 0;
  if (a["a"].is(kind::boolean) || !read_number(a["a"], x) || !read_number(a["b"], y)) return {};
  return value::of(numerics::pow(x, y));
}
/// divmod(a, b) of whole numbers.
inline answer quotient_and_rest(const scalar_call& a) {
  const value left = a["a"], right = a["b"];
  if (!left.is(kind::integer) || !right.is(kind::integer)) return {};
  const answer whole = of_integers("aten::floordiv", left.i, right.i),
               rest = of_integers("aten::remainder", left.i, right.i);
  if (!*whole) return whole;
  return a.c.values.list({**whole, **rest}, kind::tuple);
}
inline answer extreme_of_two(const scalar_call& a) {
  const value left = a["a"], right = a["b"];
  const bool least = a.name == "prim::min";
  if (left.is(kind::integer) && right.is(kind::integer))
    return value::of(least ? std::min(left.i, right.i) : std::max(left.i, right.i));
  double x = 0, y = 0;
  if (!read_number(left, x) || !read_number(right, y)) return {};
  return value::of(least ? std::min(x, y) : std::max(x, y));
}

inline constexpr scalar_row all[] = {
    {"prim::device", "a", &device_of_tensor},
    {"prim::is_cuda", "a", &is_other},
    {"prim::is_nested", "a", &is_other},
    {"prim::requires_grad", "a", &is_other},
    {"prim::type", "a", &device_of_name},
    {"prim::dtype", "a", &type_of_tensor},
    {"prim::is_quantized", "a", &is_quantized_tensor},
    {"prim::NumToTensor", "a", &number_of_traced},
    {"prim::unchecked_unwrap_optional", "optional", &not_none},
    {"prim::min", "self", &extreme_of_list},
    {"prim::max", "self", &extreme_of_list},
    {"prim::min", "a, b", &extreme_of_two},
    {"prim::max", "a, b", &extreme_of_two},

    {"aten::size", "self", &sizes},
    {"aten::size", "self, dim", &size_along},
    {"aten::dim", "self", &rank},
    {"aten::numel", "self", &count},
    {"aten::is_floating_point", "self", &is_floating_point},
    {"aten::q_scale", "self", &quantization_of},
    {"aten::q_zero_point", "self", &quantization_of},

    {"aten::warn", "message, stacklevel?", &nothing},
    {"aten::warnings", "message?", &nothing},
    {"aten::format", "self, a?, b?, c?, d?, e?, f?, g?, h?", &format_text},
    {"aten::percentFormat", "self, a?, b?, c?, d?, e?, f?, g?, h?", &format_text},
    {"aten::join", "self, values", &joined_texts},
    {"aten::item", "self", &only_element},
    {"aten::is_autocast_enabled", "device?", &is_off},
    {"aten::is_autocast_cpu_enabled", "", &is_off},
    {"aten::is_grad_enabled", "", &is_off},
    {"aten::device", "a", &device_of_name},
    {"aten::__not__", "self", &negated},
    {"aten::__is__", "self, obj", &is_none},
    {"aten::__isnot__", "self, obj", &is_none},
    {"aten::_unwrap_optional", "optional", &unwrapped},
    {"aten::len", "a", &length},
    {"aten::__contains__", "l, item", &contains},
    {"aten::__getitem__", "list, idx", &get_item},
    {"aten::keys", "self", &of_dict},
    {"aten::values", "self", &of_dict},
    {"aten::items", "self", &of_dict},
    {"aten::list", "l", &copy_of_list},
    {"aten::_set_item", "l, idx, el", &put_item},
    {"aten::append", "self, el", &append},
    {"aten::extend", "self, other", &extend},
    {"aten::add_", "self, other", &extend},
    {"aten::insert", "self, idx, el", &insert},
    {"aten::pop", "self, idx?", &pop},
    {"aten::Delete", "self, idx", &delete_item},
    {"aten::reverse", "self", &reverse},
    {"aten::clear", "self", &clear},
    {"aten::sort", "self, reverse?", &sort_numbers},
    {"aten::index", "self, el", &of_element},
    {"aten::count", "self, el", &of_element},
    {"aten::remove", "self, el", &of_element},
    {"aten::any", "self", &of_all},
    {"aten::all", "self", &of_all},
    {"aten::get", "self, key, default_value?", &get_or},
    {"aten::copy", "l", &copy_of_list},
    {"aten::find", "self, part, start?, end?", &of_text},
    {"aten::startswith", "self, part, start?, end?", &of_text},
    {"aten::endswith", "self, part, start?, end?", &of_text},
    {"aten::lower", "self", &other_case},
    {"aten::upper", "self", &other_case},
    {"aten::add", "a, b", &joined_text},
    {"aten::slice", "l, start?, end?, step?", &slice},
    {"aten::sum", "self", &sum},
    {"aten::mul", "l, n", &repeated},
    {"aten::add", "a, b", &joined},
    {"aten::__derive_index", "index, start, step", &derive_index},
    {"aten::__range_length", "lo, hi, step", &range_length},

    {"aten::Int", "a", &of_number},
    {"aten::IntImplicit", "a", &of_number},
    {"aten::ScalarImplicit", "a", &of_number},
    {"aten::Float", "a", &of_number},
    {"aten::FloatImplicit", "a", &of_number},
    {"aten::Bool", "a", &of_number},
    {"aten::floor", "a", &of_number},
    {"aten::ceil", "a", &of_number},
    {"aten::sqrt", "a", &of_number},
    {"aten::log", "a", &of_number},
    {"aten::exp", "a", &of_number},
    {"aten::sin", "a", &of_number},
    {"aten::cos", "a", &of_number},
    {"aten::round", "a", &of_number},
    {"aten::abs", "a", &of_number},
    {"aten::neg", "a", &of_number},
    {"aten::eq", "a, b", &equality},
    {"aten::ne", "a, b", &equality},
    {"aten::gt", "a, b", &of_two},
    {"aten::lt", "a, b", &of_two},
    {"aten::ge", "a, b", &of_two},
    {"aten::le", "a, b", &of_two},
    {"aten::add", "a, b, alpha?", &of_sum},
    {"aten::sub", "a, b, alpha?", &of_sum},
    {"aten::mul", "a, b", &of_two},
    {"aten::div", "a, b, rounding_mode?", &quotient},
    {"aten::floordiv", "a, b", &of_two},
    {"aten::floor_divide", "a, b", &of_two},
    {"aten::remainder", "a, b", &of_two},
    {"aten::divmod", "a, b", &quotient_and_rest},
    {"aten::pow", "a, b", &power},
    {"aten::__and__", "a, b", &of_bools},
    {"aten::__or__", "a, b", &of_bools},
};

}  // namespace scalar_rows

class scalar_operators {
 public:
  explicit scalar_operators(context& c) : c_(c) {}

  answer run(const std::string& name, const value_list& given, const keyword_arguments& keywords) {
    for (const value& v : given)  // most look at every element
      if (v.is_sequence() || v.is(kind::dict))
        if (auto s = c_.build.work.spend(v.c->items.size()); !s) return s.error();
    if (auto r = traced_numbers(name, given, keywords)) return r;
    if (auto r = of_unknown(name, given)) return r;
    for (const scalar_row& row : scalar_rows::all) {
      if (row.name != name) continue;
      const scalar_call call(c_, name, row.parameters, given, keywords);
      if (!call.fits()) continue;
      auto r = row.compute(call);
      if (c_.mistake) return *c_.mistake;
      if (r) return r;
    }
    return {};
  }

 private:
  /// Traced programs keep numbers as constants without axes: with another number beside them they
  /// are that number.
  answer traced_numbers(const std::string& name, const value_list& given,
                        const keyword_arguments& keywords) {
    constexpr std::string_view arithmetic[] = {"aten::add",          "aten::sub",
                                               "aten::mul",          "aten::div",
                                               "aten::floor_divide", "aten::floordiv",
                                               "aten::remainder",    "aten::Int",
                                               "aten::IntImplicit",  "aten::ScalarImplicit",
                                               "aten::Float",        "aten::FloatImplicit",
                                               "aten::Bool",         "aten::pow",
                                               "aten::sqrt"};
    if (std::find(std::begin(arithmetic), std::end(arithmetic), name) == std::end(arithmetic))
      return {};
    bool any = false;
    value_list numbers = given;
    for (value& v : numbers) {
      if (!number_like(v)) return {};
      if (!v.is(kind::tensor)) continue;
      const auto n = c_.scalar_of(*v.t);
      if (!n) return n;
      v = *n;
      any = true;
    }
    if (!any) return {};
    return run(name, numbers, keywords);
  }
  bool number_like(const value& v) const {
    return v.is(kind::integer) || v.is(kind::real) ||
           (v.is(kind::tensor) && v.t->rank() == 0 && c_.known(*v.t));
  }
  static answer of_unknown(std::string_view name, const value_list& given) {
    constexpr std::string_view names[] = {"aten::size", "aten::len", "aten::dim",
                                          "aten::eq",   "aten::ne",  "aten::gt",
                                          "aten::lt",   "aten::ge",  "aten::le"};
    if (std::find(std::begin(names), std::end(names), name) == std::end(names)) return {};
    for (const value& v : given)
      if (v.is(kind::unknown)) return v;
    return {};
  }

  context& c_;
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_SCALARS_HPP_
