// Operators of a program on numbers, strings and lists, and what is known of a tensor without its
// data: computed when the file is loaded.
#ifndef OCTET_IMPORT_TORCH_SCALARS_HPP_
#define OCTET_IMPORT_TORCH_SCALARS_HPP_

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
  constexpr std::string_view list[] = {"aten::append", "aten::_set_item", "aten::extend",
                                       "aten::insert", "aten::pop",       "aten::add_"};
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

class scalar_operators {
 public:
  explicit scalar_operators(context& c) : c_(c) {}

  answer run(const std::string& name, const value_list& a) {
    for (const value& v : a)  // most look at every element
      if (v.is_sequence() || v.is(kind::dict))
        if (auto s = c_.build.work.spend(v.c->items.size()); !s) return s.error();
    if (auto r = traced_numbers(name, a)) return r;
    if (name.starts_with("prim::")) return primitive(std::string_view(name).substr(6), a);
    if (!name.starts_with("aten::") || a.empty()) return {};
    const std::string_view op = std::string_view(name).substr(6);
    if (auto r = of_unknown(op, a)) return r;
    if (a[0].is(kind::tensor))
      if (auto r = of_tensor(op, a)) return r;
    if (auto r = of_values(op, a)) return r;
    // Comparisons with data cannot be decided; arithmetic with it is for the emitter.
    if (a[0].is(kind::tensor) || (a.size() > 1 && a[1].is(kind::tensor))) return {};
    if (auto r = of_lists(op, a)) return r;
    if (auto r = of_ranges(op, a)) return r;
    return of_numbers(op, a);
  }

 private:
  /// Traced programs keep numbers as constants without axes: with another number beside them they
  /// are that number.
  answer traced_numbers(const std::string& name, const value_list& a) {
    constexpr std::string_view arithmetic[] = {"aten::add",          "aten::sub",
                                               "aten::mul",          "aten::div",
                                               "aten::floor_divide", "aten::floordiv",
                                               "aten::remainder",    "aten::Int",
                                               "aten::IntImplicit",  "aten::ScalarImplicit",
                                               "aten::Float",        "aten::FloatImplicit",
                                               "aten::Bool",         "aten::pow",
                                               "aten::sqrt"};
    if (a.empty() || a.size() > 3 || !number_like(a[0]) || (a.size() > 1 && !number_like(a[1])) ||
        std::find(std::begin(arithmetic), std::end(arithmetic), name) == std::end(arithmetic))
      return {};
    value_list numbers = a;
    bool any = false;
    for (value& v : numbers) {
      if (!v.is(kind::tensor)) continue;
      const auto n = c_.scalar_of(*v.t);
      if (!n) return n;
      v = *n;
      any = true;
    }
    if (!any) return {};
    return run(name, numbers);
  }
  static bool number_like(const value& v) {
    return v.is(kind::integer) || v.is(kind::real) ||
           (v.is(kind::tensor) && v.t->constant() && v.t->rank() == 0);
  }
  static answer of_unknown(std::string_view op, const value_list& a) {
    constexpr std::string_view names[] = {"size", "len", "dim", "eq", "ne", "gt", "lt", "ge", "le"};
    if (std::find(std::begin(names), std::end(names), op) == std::end(names)) return {};
    for (const value& v : a)
      if (v.is(kind::unknown)) return v;
    return {};
  }

  answer primitive(std::string_view op, const value_list& a) {
    if (a.empty()) return {};
    const bool tensor = a[0].is(kind::tensor);
    if (op == "device" && tensor) return c_.values.string("cpu");
    if (op == "is_cuda" && tensor) return value::of(false);
    if (op == "dtype" && tensor) return value::of(static_cast<std::int64_t>(a[0].t->type));
    if (op == "is_quantized" && tensor) return value::of(is_quantized(a[0].t->type));
    if (op == "NumToTensor" && a.size() == 1 && !tensor) return a[0];
    if (op == "unchecked_unwrap_optional" && a.size() == 1) return a[0];
    if ((op == "min" || op == "max") && a.size() == 1 && a[0].is_sequence()) {
      std::vector<std::int64_t> n;
      if (!read_integers(a[0], n) || n.empty()) return {};
      return value::of(op == "min" ? *std::min_element(n.begin(), n.end())
                                   : *std::max_element(n.begin(), n.end()));
    }
    if (a.size() != 2 || !a[0].is(kind::integer) || !a[1].is(kind::integer)) return {};
    if (op == "min") return value::of(std::min(a[0].i, a[1].i));
    if (op == "max") return value::of(std::max(a[0].i, a[1].i));
    return {};
  }

  answer of_tensor(std::string_view op, const value_list& a) {
    const tensor_data& t = *a[0].t;
    if (op == "size" && a.size() == 1) return c_.values.integers(t.size);
    if (op == "size" && a[1].is(kind::integer)) {
      const std::int64_t d = a[1].i < 0 ? a[1].i + t.rank() : a[1].i;
      if (d < 0 || d >= t.rank())
        return invalid("dimension of size()", std::to_string(a[1].i),
                       std::to_string(t.rank()) + " dimensions");
      return value::of(t.size[as_size(d)]);
    }
    if (op == "dim") return value::of(std::int64_t{t.rank()});
    if (op == "numel") return value::of(t.elements());
    if (op == "len" && t.rank() > 0) return value::of(t.size[0]);
    if (op == "is_floating_point")
      return value::of(t.type == scalar::f32 || t.type == scalar::f64 || t.type == scalar::f16);
    return {};
  }

  /// Operators on values of any kind.
  answer of_values(std::string_view op, const value_list& a) {
    if (op == "warn" || op == "warnings") return value{};
    if (op == "len" && a[0].is_sequence())
      return value::of(static_cast<std::int64_t>(a[0].c->items.size()));
    if (op == "len" && a[0].is(kind::dict))
      return value::of(static_cast<std::int64_t>(a[0].c->items.size() / 2));
    if ((op == "keys" || op == "values") && a[0].is(kind::dict)) {
      value_list items;
      for (std::size_t i = op == "keys" ? 0 : 1; i < a[0].c->items.size(); i += 2)
        items.push_back(a[0].c->items[i]);
      return c_.values.list(std::move(items));
    }
    if (op == "items" && a[0].is(kind::dict)) {
      value_list items;
      for (std::size_t i = 0; i + 1 < a[0].c->items.size(); i += 2)
        items.push_back(c_.values.list({a[0].c->items[i], a[0].c->items[i + 1]}, kind::tuple));
      return c_.values.list(std::move(items));
    }
    if (op == "list" && a[0].is_sequence()) return c_.values.list(a[0].c->items);
    if (op == "device") return a[0];  // its name
    if (op == "len" && a[0].is(kind::string))
      return value::of(static_cast<std::int64_t>(a[0].c->text.size()));
    if (op == "__not__" && a[0].is(kind::boolean)) return value::of(!a[0].b);
    if (op == "format" && a[0].is(kind::string)) return a[0];  // text of exceptions only
    if (op == "pop" && a.size() == 1 && a[0].is(kind::list))
      return of_changed_list(op, {a[0], value::of(std::int64_t{-1})});
    if (a.size() < 2) return {};
    if (op == "__is__" || op == "__isnot__") {  // only `is None` occurs
      const bool left = a[0].is(kind::none), right = a[1].is(kind::none);
      if (!left && !right) return {};
      return value::of((op == "__is__") == (left && right));
    }
    if (op == "__contains__" && a[0].is_sequence()) {
      bool found = false;
      for (const value& v : a[0].c->items) found |= equal(v, a[1]).value_or(false);
      return value::of(found);
    }
    if (op == "__contains__" && a[0].is(kind::dict)) {
      bool found = false;
      for (std::size_t i = 0; i + 1 < a[0].c->items.size(); i += 2)
        found |= equal(a[0].c->items[i], a[1]).value_or(false);
      return value::of(found);
    }
    if (op == "_set_item" && a.size() == 3 && a[0].is(kind::dict)) {
      set_item(*a[0].c, a[1], a[2]);
      return value{};
    }
    if (op == "_set_item" && a.size() == 3 && a[0].is(kind::list) && a[1].is(kind::integer)) {
      const auto n = static_cast<std::int64_t>(a[0].c->items.size());
      const std::int64_t i = a[1].i < 0 ? a[1].i + n : a[1].i;
      if (i < 0 || i >= n) return invalid("index of a list", std::to_string(a[1].i));
      a[0].c->items[as_size(i)] = a[2];
      return value{};
    }
    if (op == "__getitem__" && !a[0].is(kind::tensor)) return item(a[0], a[1]);
    return a[0].is(kind::list) ? of_changed_list(op, a) : answer{};
  }
  /// append, extend, insert, pop, `list += list`.
  answer of_changed_list(std::string_view op, const value_list& a) {
    value_list& items = a[0].c->items;
    const auto n = static_cast<std::int64_t>(items.size());
    if (op == "append") {
      c_.values.count(sizeof(value));
      items.push_back(a[1]);
      return a[0];
    }
    if ((op == "extend" || op == "add_") && a[1].is_sequence()) {
      const value_list more = a[1].c->items;  // may be the same list
      if (!c_.values.room_for(more.size())) return too_large("values of the program");
      c_.values.count(more.size() * sizeof(value));
      items.insert(items.end(), more.begin(), more.end());
      return a[0];
    }
    if (!a[1].is(kind::integer)) return {};
    const std::int64_t at = a[1].i < 0 ? a[1].i + n : a[1].i;
    if (op == "insert" && a.size() == 3) {
      c_.values.count(sizeof(value));
      items.insert(items.begin() + static_cast<std::ptrdiff_t>(std::clamp<std::int64_t>(at, 0, n)),
                   a[2]);
      return value{};
    }
    if (op != "pop") return {};
    if (at < 0 || at >= n) return invalid("index of a list", std::to_string(a[1].i));
    const value v = items[as_size(at)];
    items.erase(items.begin() + static_cast<std::ptrdiff_t>(at));
    return v;
  }

  answer of_lists(std::string_view op, const value_list& a) {
    if (op == "slice" && a[0].is(kind::list)) return slice(a);
    if (op == "sum" && a.size() == 1 && a[0].is(kind::list)) return sum(a[0].c->items);
    if (a.size() < 2) return {};
    if (op == "mul" && a[0].is(kind::list) && a[1].is(kind::integer)) return repeated(a);
    if (op == "eq" || op == "ne") {
      const auto same = equal(a[0], a[1]);
      if (!same) return {};
      return value::of((op == "eq") == *same);
    }
    if (op == "add" && a[0].is_sequence() && a[1].is_sequence()) {
      if (!c_.values.room_for(a[0].c->items.size() + a[1].c->items.size()))
        return too_large("values of the program");
      value_list items = a[0].c->items;
      items.insert(items.end(), a[1].c->items.begin(), a[1].c->items.end());
      return c_.values.list(std::move(items), a[0].what);
    }
    return {};
  }
  /// [0] * 4.
  result<value> repeated(const value_list& a) {
    const value_list& once = a[0].c->items;
    const auto times = as_size(std::max<std::int64_t>(a[1].i, 0));
    if (!once.empty() && (!c_.values.room_for(times) || !c_.values.room_for(times * once.size())))
      return too_large("values of the program");
    value_list items;
    for (std::size_t k = 0; !once.empty() && k < times; ++k)
      items.insert(items.end(), once.begin(), once.end());
    return c_.values.list(std::move(items));
  }
  /// Of whole numbers a whole number, which wraps.
  static answer sum(const value_list& items) {
    std::uint64_t whole = 0;
    double real = 0;
    bool integers = true;
    for (const value& v : items) {
      double d = 0;
      if (!read_number(v, d)) return {};
      real += d;
      integers &= !v.is(kind::real);
      whole += v.is(kind::integer) ? static_cast<std::uint64_t>(v.i) : d != 0 ? 1 : 0;
    }
    return integers ? wrapped(whole) : value::of(real);
  }
  /// As Python has it: a step below 0 goes from the end to the beginning.
  result<value> slice(const value_list& a) {
    const auto n = static_cast<std::int64_t>(a[0].c->items.size());
    const std::int64_t step = a.size() > 3 && a[3].is(kind::integer) ? a[3].i : 1;
    if (step == 0) return invalid("step of a slice", std::to_string(step));
    const bool back = step < 0;
    const std::int64_t first = back ? -1 : 0, behind = back ? n - 1 : n;
    const auto bound = [&](std::size_t i, std::int64_t otherwise) {
      return a.size() > i && a[i].is(kind::integer)
                 ? std::clamp<std::int64_t>(a[i].i < 0 ? a[i].i + n : a[i].i, first, behind)
                 : otherwise;
    };
    const std::int64_t end = bound(2, back ? first : behind);
    value_list items;
    for (std::int64_t i = bound(1, back ? behind : first); back ? i > end : i < end;
         i += back ? std::max(step, end - i) : std::min(step, end - i))
      items.push_back(a[0].c->items[as_size(i)]);
    return c_.values.list(std::move(items));
  }
  /// range(a, b, step) is a count, of which each loop makes its own number.
  static answer of_ranges(std::string_view op, const value_list& a) {
    if (a.size() != 3 || !std::all_of(a.begin(), a.end(), [](const value& v) {
          return v.is(kind::integer) && v.i > INT64_MIN / 4 && v.i < INT64_MAX / 4;
        }))
      return {};
    if (op == "__derive_index")
      return wrapped(static_cast<std::uint64_t>(a[1].i) +
                     static_cast<std::uint64_t>(a[0].i) * static_cast<std::uint64_t>(a[2].i));
    if (op != "__range_length") return {};
    const std::int64_t low = a[0].i, high = a[1].i, step = a[2].i;
    if (step == 0) return invalid("step of a range", "0");
    if (step > 0) return value::of(low < high ? 1 + (high - 1 - low) / step : std::int64_t{0});
    return value::of(low > high ? 1 + (low - 1 - high) / -step : std::int64_t{0});
  }

  static answer of_numbers(std::string_view op, const value_list& a) {
    double x = 0, y = 0;
    if (!read_number(a[0], x)) return {};
    const bool integers = a[0].is(kind::integer) && (a.size() < 2 || a[1].is(kind::integer));
    if ((op == "Int" || op == "ScalarImplicit" || op == "IntImplicit") && a[0].is(kind::integer))
      return a[0];
    if ((op == "floor" || op == "ceil") && x > -9e18 && x < 9e18)
      return value::of(
          static_cast<std::int64_t>(op == "floor" ? numerics::floor(x) : -numerics::floor(-x)));
    if (op == "sqrt" && x >= 0) return value::of(numerics::sqrt(x));
    if (op == "Float" || op == "FloatImplicit") return value::of(x);
    if (op == "Bool") return value::of(x != 0);
    if (op == "abs" && a[0].is(kind::integer))
      return a[0].i < 0 ? wrapped(0 - static_cast<std::uint64_t>(a[0].i)) : a[0];
    if (op == "abs") return value::of(x < 0 ? -x : x);
    if (op == "neg")
      return integers ? wrapped(0 - static_cast<std::uint64_t>(a[0].i)) : value::of(-x);
    if (a.size() < 2 || !read_number(a[1], y)) return {};
    if (a[0].is(kind::boolean) && a[1].is(kind::boolean)) {
      if (op == "__and__") return value::of(a[0].b && a[1].b);
      if (op == "__or__") return value::of(a[0].b || a[1].b);
    }
    if (op == "div" && y != 0) return value::of(x / y);
    if (op == "pow" && !a[0].is(kind::boolean)) return value::of(numerics::pow(x, y));
    if (integers) return of_integers(op, a[0].i, a[1].i);
    if (op == "gt") return value::of(x > y);
    if (op == "lt") return value::of(x < y);
    if (op == "ge") return value::of(x >= y);
    if (op == "le") return value::of(x <= y);
    if (op == "add") return value::of(x + y);
    if (op == "sub") return value::of(x - y);
    if (op == "mul") return value::of(x * y);
    if ((op == "floordiv" || op == "floor_divide") && y != 0)
      return value::of(numerics::floor(numerics::div(x, y)));
    return {};
  }
  static value wrapped(std::uint64_t v) { return value::of(static_cast<std::int64_t>(v)); }
  /// Overflow wraps, as in PyTorch.
  static answer of_integers(std::string_view op, std::int64_t x, std::int64_t y) {
    const auto u = static_cast<std::uint64_t>(x), v = static_cast<std::uint64_t>(y);
    if (op == "gt") return value::of(x > y);
    if (op == "lt") return value::of(x < y);
    if (op == "ge") return value::of(x >= y);
    if (op == "le") return value::of(x <= y);
    if (op == "add") return wrapped(u + v);
    if (op == "sub") return wrapped(u - v);
    if (op == "mul") return wrapped(u * v);
    const bool remainder = op == "remainder";
    if (!remainder && op != "floordiv" && op != "floor_divide") return {};
    if (y == 0 || (y == -1 && x == INT64_MIN)) return invalid("division", std::to_string(y));
    const std::int64_t quotient = x / y, rest = x % y;
    const bool down = rest != 0 && (rest < 0) != (y < 0);
    if (remainder) return value::of(down ? rest + y : rest);
    return value::of(down ? quotient - 1 : quotient);
  }

  context& c_;
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_SCALARS_HPP_
