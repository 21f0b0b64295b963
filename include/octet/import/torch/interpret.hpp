// Runs the code of an archive by partial evaluation: numbers, lists, modules and constants are
// computed, operators on tensors become nodes.
#ifndef OCTET_IMPORT_TORCH_INTERPRET_HPP_
#define OCTET_IMPORT_TORCH_INTERPRET_HPP_

#include <limits>
#include <memory>
#include <unordered_map>

#include "octet/import/torch/code.hpp"
#include "octet/import/torch/emit.hpp"
#include "octet/import/torch/pickle.hpp"

OCTET_NAMESPACE_BEGIN
namespace torchscript {

/// Where the parsed text of a module path comes from: "code/__torch__/torch/nn.py" -> text; false
/// where there is no such file.
using code_source = std::function<bool(const std::string& member, constant_data& text)>;

/// Calls of submodules are inlined, branches are decided by constants, loops over constant ranges
/// are unrolled. Limits: 2^20 statements, 64 nested calls; a program that needs more, or whose
/// branches depend on data, is refused.
class interpreter {
 public:
  static constexpr std::size_t most_statements = std::size_t{1} << 20;
  static constexpr int deepest_call = 64;
  static constexpr std::size_t most_code = std::size_t{1} << 26;

  interpreter(context& c, emitter& e, code_source source)
      : c_(c), emit_(e), source_(std::move(source)) {}

  /// CONSTANTS.c0, CONSTANTS.c1, ...
  void set_constants(const value& v) { constants_ = v; }

  /// The parameters of the root object's forward, without self.
  const function_def* forward_of(const value& root) {
    if (!root.is(kind::object)) {
      c_.fail(malformed("data.pkl does not hold a module", std::string(name_of(root.what))));
      return nullptr;
    }
    const class_def* cls = find_class(root.c->text);
    if (c_.failed()) return nullptr;
    const auto it = cls ? cls->methods.find("forward") : decltype(cls->methods.end()){};
    if (!cls || it == cls->methods.end()) {
      c_.unsupported_here("the module has no forward method", root.c->text);
      return nullptr;
    }
    return it->second;
  }
  value call_forward(const value& root, std::vector<value> arguments) {
    const function_def* f = forward_of(root);
    if (!f) return value::unknown();
    arguments.insert(arguments.begin(), root);
    return call(*f, arguments, {});
  }

 private:
  using scope = std::unordered_map<std::string, value>;
  enum class flow : std::uint8_t {
    next,
    returned,
    stopped
  };  // stopped: an error, or a branch that an unsupported operator would decide

  // ---- definitions ----
  const code_file* parsed(const std::string& module) {
    if (const auto it = files_.find(module); it != files_.end()) return it->second.get();
    auto& to = files_[module];
    std::string member = "code/" + module;
    for (std::size_t i = 5; i < member.size(); ++i)
      if (member[i] == '.') member[i] = '/';
    member += ".py";
    constant_data text;
    if (c_.failed() || !source_(member, text)) return nullptr;
    code_bytes_ = saturating_add(code_bytes_, text.bytes.size());
    if (code_bytes_ > most_code) {
      c_.fail(too_large("code of the archive", {}, std::to_string(most_code) + " bytes"));
      return nullptr;
    }
    auto f = std::make_unique<code_file>();
    if (auto s = code_parser({reinterpret_cast<const char*>(text.bytes.data()), text.bytes.size()},
                             member, *f)
                     .parse();
        !s) {
      c_.fail(s.error());
      return nullptr;
    }
    to = std::move(f);
    return to.get();
  }
  static std::pair<std::string, std::string> split(const std::string& qualified) {
    const std::size_t dot = qualified.rfind('.');
    return dot == std::string::npos
               ? std::pair<std::string, std::string>{"", qualified}
               : std::pair{qualified.substr(0, dot), qualified.substr(dot + 1)};
  }
  const class_def* find_class(const std::string& qualified) {
    const auto [module, name] = split(qualified);
    const code_file* f = parsed(module);
    if (!f) return nullptr;
    const auto it = f->classes.find(name);
    return it == f->classes.end() ? nullptr : &it->second;
  }
  const function_def* find_function(const std::string& qualified) {
    const auto [module, name] = split(qualified);
    const code_file* f = parsed(module);
    if (!f) return nullptr;
    const auto it = f->functions.find(name);
    return it == f->functions.end() ? nullptr : it->second;
  }

  // ---- objects ----
  /// Attributes from the object's state: a dict directly, anything else through __setstate__.
  bool build(cell& o) {
    if (o.built || c_.failed()) return !c_.failed();
    o.built = true;
    if (o.items.empty()) return true;
    const value state = o.items[0];
    if (state.is(kind::dict)) {
      for (std::size_t i = 0; i + 1 < state.c->items.size(); i += 2)
        if (state.c->items[i].is(kind::string))
          o.attrs[state.c->items[i].c->text] = state.c->items[i + 1];
      return true;
    }
    if (is_packed_class(o.text)) return true;
    const class_def* cls = find_class(o.text);
    if (c_.failed()) return false;
    const auto it = cls ? cls->methods.find("__setstate__") : decltype(cls->methods.end()){};
    if (!cls || it == cls->methods.end()) {
      c_.unsupported_here("an object whose state is not a dict and whose class has no __setstate__",
                          o.text);
      return false;
    }
    value self;
    self.what = kind::object;
    self.c = &o;
    call(*it->second, {self, state}, {});
    return !c_.failed();
  }
  value attribute(const value& base, const std::string& name) {
    if (base.is(kind::unknown)) return base;
    if (base.is(kind::tuple) && !base.c->text.empty()) {
      const class_def* cls = find_class(base.c->text);
      for (std::size_t i = 0; cls && i < cls->fields.size() && i < base.c->items.size(); ++i)
        if (cls->fields[i] == name) return base.c->items[i];
    }
    if (!base.is(kind::object))
      return c_.invalid_here("attribute " + name + " of something that is not a module",
                             std::string(name_of(base.what)));
    cell& o = *base.c;
    if (!build(o)) return value::unknown();
    value v;
    if (const auto it = o.attrs.find(name); it != o.attrs.end()) {
      v = it->second;
    } else {
      const class_def* cls = find_class(o.text);
      if (c_.failed()) return value::unknown();
      const auto constant = cls ? cls->constants.find(name) : decltype(cls->constants.end()){};
      if (!cls || constant == cls->constants.end())
        return c_.invalid_here("module " + last(o.text) + " has no attribute " + name);
      scope none;
      return evaluate(*constant->second, none);
    }
    if (v.is(kind::object) && v.c->path.empty())
      v.c->path = o.path.empty() ? name : o.path + "." + name;
    return v;
  }
  static std::string last(const std::string& s) { return std::string(last_name(s)); }

  // ---- calls ----
  value call(const function_def& f, const std::vector<value>& arguments,
             const std::vector<std::pair<std::string, value>>& keywords) {
    if (c_.failed()) return value::unknown();
    if (++depth_ > deepest_call)
      return c_.fail(too_large("nested calls", {}, std::to_string(deepest_call)));
    const std::string file = c_.file, module = c_.module;
    const std::int32_t line = c_.line;
    c_.file = f.file;
    c_.line = f.line;
    if (!f.parameters.empty() && !arguments.empty() && arguments[0].is(kind::object) &&
        f.name != "__setstate__")
      c_.module = arguments[0].c->path;
    scope names;
    value result;
    if (arguments.size() > f.parameters.size()) {
      c_.invalid_here("arguments of " + f.name, std::to_string(arguments.size()),
                      std::to_string(f.parameters.size()));
    } else {
      for (std::size_t i = 0; i < f.parameters.size() && !c_.failed(); ++i) {
        const auto& p = f.parameters[i];
        if (i < arguments.size()) {
          names[p.name] = arguments[i];
          continue;
        }
        const value* given = nullptr;
        for (const auto& [name, v] : keywords)
          if (name == p.name) given = &v;
        if (given)
          names[p.name] = *given;
        else if (p.otherwise)
          names[p.name] = evaluate(*p.otherwise, names);
        else
          c_.invalid_here("argument " + p.name + " of " + f.name + " is missing");
      }
      if (!c_.failed() && run(f.body, names, result) == flow::stopped) result = value::unknown();
    }
    if (!c_.failed()) {
      emit_.name_result(result, c_.module);
      c_.file = file;
      c_.module = module;
      c_.line = line;
    }
    --depth_;
    return c_.failed() ? value::unknown() : result;
  }

  flow run(const std::vector<const statement*>& body, scope& names, value& result) {
    for (const statement* s : body) {
      if (++statements_ > most_statements)
        c_.fail(too_large("statements run", {}, std::to_string(most_statements)));
      if (c_.failed()) return flow::stopped;
      c_.line = s->line;
      flow f = flow::next;
      switch (s->what) {
        case statement::form::pass: break;
        case statement::form::evaluate: evaluate(*s->value, names); break;
        case statement::form::assign: assign(*s, names); break;
        case statement::form::give_back:
          result = s->value ? evaluate(*s->value, names) : value{};
          return c_.failed() ? flow::stopped : flow::returned;
        case statement::form::branch: {
          const value v = evaluate(*s->value, names);
          if (c_.failed() || v.is(kind::unknown)) return flow::stopped;
          bool taken = false;
          if (!truth(v, taken)) return flow::stopped;
          f = run(taken ? s->body : s->otherwise, names, result);
          break;
        }
        case statement::form::loop: f = loop(*s, names, result); break;
      }
      if (c_.failed()) return flow::stopped;
      if (f != flow::next) return f;
    }
    return flow::next;
  }
  flow loop(const statement& s, scope& names, value& result) {
    const value over = evaluate(*s.value, names);
    if (c_.failed() || over.is(kind::unknown)) return flow::stopped;
    if (!over.is(kind::integer)) {
      c_.unsupported_here("a loop over something that is not a range",
                          std::string(name_of(over.what)));
      return flow::stopped;
    }
    for (std::int64_t i = 0; i < over.i;
         ++i) {  // ends by the statement limit at the latest: an empty body counts too
      if (++statements_ > most_statements)
        c_.fail(too_large("statements run", {}, std::to_string(most_statements)));
      names[s.targets[0]->text] = value::of(i);
      const flow f = run(s.body, names, result);
      if (f != flow::next || c_.failed()) return c_.failed() ? flow::stopped : f;
    }
    return flow::next;
  }
  void assign(const statement& s, scope& names) {
    const value v = evaluate(*s.value, names);
    if (c_.failed()) return;
    if (!s.unpack) return store(*s.targets[0], v, names);
    if (v.is(kind::unknown)) {
      for (const expression* t : s.targets) store(*t, v, names);
      return;
    }
    if (!v.is_sequence() || v.c->items.size() != s.targets.size()) {
      c_.invalid_here(
          "values to unpack",
          v.is_sequence() ? std::to_string(v.c->items.size()) : std::string(name_of(v.what)),
          std::to_string(s.targets.size()));
      return;
    }
    for (std::size_t i = 0; i < s.targets.size(); ++i) store(*s.targets[i], v.c->items[i], names);
  }
  void store(const expression& to, const value& v, scope& names) {
    if (to.what == expression::form::name) {
      names[to.text] = v;
      emit_.name_value(v, c_.module, to.text);
      return;
    }
    if (to.what == expression::form::attribute) {
      const value base = evaluate(*to.items[0], names);
      if (c_.failed() || base.is(kind::unknown)) return;
      if (base.is(kind::object)) {
        base.c->attrs[to.text] = v;
        return;
      }
    }
    c_.unsupported_here("an assignment to something that is not a name or an attribute");
  }
  bool truth(const value& v, bool& to) {
    switch (v.what) {
      case kind::boolean: to = v.b; return true;
      case kind::integer: to = v.i != 0; return true;
      case kind::real: to = v.d != 0; return true;
      case kind::none: to = false; return true;
      case kind::tensor:
        if (v.t->constant()) {
          const value n = c_.scalar_of(*v.t);
          return !c_.failed() && truth(n, to);
        }
        c_.unsupported_here("a branch that depends on the input's data");
        return false;
      default:
        c_.unsupported_here("a condition of this kind", std::string(name_of(v.what)));
        return false;
    }
  }

  // ---- expressions ----
  /// "torch.nn.functional" for a chain of attributes whose first name is not a local; empty
  /// otherwise.
  static std::string dotted(const expression& e, const scope& names) {
    if (e.what == expression::form::name)
      return names.find(e.text) == names.end() ? e.text : std::string();
    if (e.what != expression::form::attribute) return {};
    std::string base = dotted(*e.items[0], names);
    return base.empty() ? base : base + "." + e.text;
  }
  static bool global_prefix(const std::string& s) {
    return s.starts_with("torch.") || s.starts_with("ops.") || s.starts_with("__torch__.");
  }

  value evaluate(const expression& e, scope& names) {
    if (c_.failed()) return value::unknown();
    if (c_.values.full()) return c_.fail(too_large("values of the program"));
    switch (e.what) {
      case expression::form::none: return {};
      case expression::form::boolean: return value::of(e.flag);
      case expression::form::integer: return value::of(e.i);
      case expression::form::real: return value::of(e.d);
      case expression::form::string: return c_.values.string(e.text);
      case expression::form::name: {
        if (const auto it = names.find(e.text); it != names.end()) return it->second;
        if (e.text == "inf") return value::of(std::numeric_limits<double>::infinity());
        return c_.invalid_here("a name that nothing defines", e.text);
      }
      case expression::form::negative: {
        const value v = evaluate(*e.items[0], names);
        if (v.is(kind::integer))
          return value::of(static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(v.i)));
        if (v.is(kind::real)) return value::of(-v.d);
        return c_.failed() || v.is(kind::unknown)
                   ? value::unknown()
                   : c_.invalid_here("minus of something that is not a number",
                                     std::string(name_of(v.what)));
      }
      case expression::form::list:
      case expression::form::tuple: {
        std::vector<value> items;
        for (const expression* i : e.items) items.push_back(evaluate(*i, names));
        return c_.values.list(std::move(items),
                              e.what == expression::form::list ? kind::list : kind::tuple);
      }
      case expression::form::attribute: {
        if (const std::string path = dotted(e, names); !path.empty()) {
          if (path.starts_with("CONSTANTS.c")) return constant(path.substr(11));
          if (global_prefix(path)) return c_.values.make(kind::global, path);
        }
        return attribute(evaluate(*e.items[0], names), e.text);
      }
      case expression::form::subscript: {
        const value base = evaluate(*e.items[0], names), index = evaluate(*e.items[1], names);
        if (c_.failed() || base.is(kind::unknown) || index.is(kind::unknown))
          return value::unknown();
        return item(base, index);
      }
      case expression::form::call: return evaluate_call(e, names);
    }
    return value::unknown();
  }
  value constant(const std::string& digits) {
    std::size_t i = 0;
    const auto r = std::from_chars(digits.data(), digits.data() + digits.size(), i);
    if (r.ec != std::errc() || r.ptr != digits.data() + digits.size() ||
        !constants_.is_sequence() || i >= constants_.c->items.size())
      return c_.fail(malformed("CONSTANTS has no such element", "c" + digits));
    const value v = constants_.c->items[i];
    if (v.is(kind::object) && v.c->path.empty()) v.c->path = "CONSTANTS.c" + digits;
    return v;
  }
  value item(const value& base, const value& index) {
    if (base.is_sequence() && index.is(kind::integer)) {
      const auto n = static_cast<std::int64_t>(base.c->items.size());
      const std::int64_t i = index.i < 0 ? index.i + n : index.i;
      if (i < 0 || i >= n)
        return c_.invalid_here("index of a list", std::to_string(index.i),
                               std::to_string(n) + " elements");
      return base.c->items[static_cast<std::size_t>(i)];
    }
    if (base.is(kind::dict) && index.is(kind::string)) {
      for (std::size_t i = 0; i + 1 < base.c->items.size(); i += 2)
        if (base.c->items[i].is(kind::string) && base.c->items[i].c->text == index.c->text)
          return base.c->items[i + 1];
      return c_.invalid_here("key of a dict", index.c->text);
    }
    return c_.unsupported_here(
        "a subscript of this kind",
        std::string(name_of(base.what)) + "[" + std::string(name_of(index.what)) + "]");
  }

  value evaluate_call(const expression& e, scope& names) {
    const expression& callee = *e.items[0];
    const std::string path = dotted(callee, names);
    // Forms whose first argument is a type, not a value.
    if (path == "annotate" || path == "unchecked_cast") {
      if (e.items.size() != 3) return c_.invalid_here("arguments of " + path);
      return evaluate(*e.items[2], names);
    }
    if (path == "uninitialized") return {};
    std::vector<value> arguments;
    std::vector<std::pair<std::string, value>> keywords;
    for (std::size_t i = 1; i < e.items.size(); ++i) {
      const value v = evaluate(*e.items[i], names);
      if (c_.failed()) return v;
      if (e.keywords[i].empty())
        arguments.push_back(v);
      else
        keywords.emplace_back(e.keywords[i], v);
    }
    c_.line = e.line;
    if (!path.empty() && !global_prefix(path) && path.find('.') == std::string::npos)
      return builtin(path, arguments);
    std::string target = path;
    if (!global_prefix(target)) {
      if (callee.what == expression::form::attribute) {
        const value base = evaluate(*callee.items[0], names);
        if (c_.failed() || base.is(kind::unknown)) return value::unknown();
        if (base.is(kind::object)) return method(base, callee.text, std::move(arguments), keywords);
        return c_.unsupported_here("a method of something that is not a module: " + callee.text,
                                   std::string(name_of(base.what)));
      }
      const value f = evaluate(callee, names);
      if (c_.failed() || f.is(kind::unknown)) return value::unknown();
      if (!f.is(kind::global))
        return c_.unsupported_here("a call of something that is not a function",
                                   std::string(name_of(f.what)));
      target = f.c->text;
    }
    if (target.starts_with("__torch__.")) {
      const function_def* f = find_function(target);
      if (c_.failed()) return value::unknown();
      if (f) return call(*f, arguments, keywords);
      const class_def* cls = find_class(target);
      if (c_.failed()) return value::unknown();
      if (!cls || !cls->named_tuple || !keywords.empty() || arguments.size() != cls->fields.size())
        return c_.missing_operator(target);
      value made = c_.values.list(std::move(arguments), kind::tuple);
      if (made.is(kind::tuple)) made.c->text = target;
      return made;
    }
    std::string name =
        target.starts_with("torch.") ? "aten::" + target.substr(6) : target.substr(4);
    if (const std::size_t dot = name.find('.'); dot != std::string::npos)
      name = name.substr(0, dot) + "::" + name.substr(dot + 1);
    return operation(name, arguments, keywords);
  }
  value method(const value& self, const std::string& name, std::vector<value> arguments,
               const std::vector<std::pair<std::string, value>>& keywords) {
    if (!build(*self.c)) return value::unknown();
    const class_def* cls = find_class(self.c->text);
    if (c_.failed()) return value::unknown();
    const auto it = cls ? cls->methods.find(name) : decltype(cls->methods.end()){};
    if (!cls || it == cls->methods.end()) return c_.missing_operator(self.c->text + "." + name);
    arguments.insert(arguments.begin(), self);
    return call(*it->second, arguments, keywords);
  }
  value builtin(const std::string& name, const std::vector<value>& a) {
    for (const value& v : a)
      if (v.is(kind::unknown)) return v;
    if (name == "range" && a.size() == 1 && a[0].is(kind::integer)) return a[0];
    if (name == "getattr" && a.size() == 2 && a[1].is(kind::string))
      return attribute(a[0], a[1].c->text);
    if (name == "len" && a.size() == 1 && a[0].is_sequence())
      return value::of(static_cast<std::int64_t>(a[0].c->items.size()));
    if (name == "float" || name == "int" || name == "bool") {
      if (a.size() != 1) return c_.invalid_here("arguments of " + name);
      value v = a[0];
      if (v.is(kind::tensor)) v = c_.scalar_of(*v.t);
      if (c_.failed()) return v;
      if (name == "float" && v.is(kind::string)) {
        if (v.c->text == "inf") return value::of(std::numeric_limits<double>::infinity());
        if (v.c->text == "-inf") return value::of(-std::numeric_limits<double>::infinity());
        if (v.c->text == "nan") return value::of(std::numeric_limits<double>::quiet_NaN());
      }
      if (!v.is(kind::integer) && !v.is(kind::real) && !v.is(kind::boolean))
        return c_.unsupported_here(name + "() of this", std::string(name_of(v.what)));
      const double d = v.is(kind::real)      ? v.d
                       : v.is(kind::boolean) ? (v.b ? 1 : 0)
                                             : static_cast<double>(v.i);
      if (name == "float") return value::of(d);
      if (name == "bool") return value::of(d != 0);
      if (v.is(kind::integer)) return v;
      if (!(d > -9e18 && d < 9e18)) return c_.invalid_here("int() of this number");
      return value::of(static_cast<std::int64_t>(d));
    }
    return c_.missing_operator(name + "()");
  }

  // ---- torch.*, ops.*.* ----
  value operation(const std::string& name, const std::vector<value>& a,
                  const std::vector<std::pair<std::string, value>>& keywords) {
    if (name == "prim::RaiseException") {
      std::string text = !a.empty() && a[0].is(kind::string) ? a[0].c->text : std::string();
      for (char& ch : text)
        if (ch < 32 || ch > 126) ch = ' ';
      return c_.invalid_here("the model's own code raises an exception", text.substr(0, 200));
    }
    value result;
    if (scalar_operation(name, a, result)) return result;
    return emit_.operation(name, a, keywords);
  }
  static bool number(const value& v, double& to) {
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
  static bool equal(const value& a, const value& b, bool& known) {
    known = true;
    double x = 0, y = 0;
    if (a.is(kind::integer) && b.is(kind::integer)) return a.i == b.i;
    if (number(a, x) && number(b, y)) return x == y;
    if (a.is(kind::string) && b.is(kind::string)) return a.c->text == b.c->text;
    if (a.is(kind::none) || b.is(kind::none)) return a.is(kind::none) && b.is(kind::none);
    std::vector<std::int64_t> u, v;
    if (read_integers(a, u) && read_integers(b, v)) return u == v;
    known = false;
    return false;
  }
  /// Traced programs keep numbers as constants without axes: with another number beside them they
  /// are that number.
  static bool number_like(const value& v) {
    return v.is(kind::integer) || v.is(kind::real) ||
           (v.is(kind::tensor) && v.t->constant() && v.t->rank() == 0);
  }
  bool with_numbers(const std::string& name, const std::vector<value>& a, value& to) {
    constexpr std::string_view arithmetic[] = {
        "aten::add",          "aten::sub",           "aten::mul",       "aten::div",
        "aten::floor_divide", "aten::floordiv",      "aten::remainder", "aten::Int",
        "aten::IntImplicit",  "aten::ScalarImplicit"};
    if (a.empty() || a.size() > 3 || !number_like(a[0]) || (a.size() > 1 && !number_like(a[1])) ||
        std::find(std::begin(arithmetic), std::end(arithmetic), name) == std::end(arithmetic))
      return false;
    std::vector<value> numbers = a;
    bool any = false;
    for (value& v : numbers)
      if (v.is(kind::tensor)) v = c_.scalar_of(*v.t), any = true;
    if (!any) return false;
    if (c_.failed()) {
      to = value::unknown();
      return true;
    }
    return scalar_operation(name, numbers, to);
  }
  /// Operators on numbers, strings and lists, and what is known of a tensor without its data.
  /// False: `name` is not one of them for these arguments.
  bool scalar_operation(const std::string& name, const std::vector<value>& a, value& to) {
    if (with_numbers(name, a, to)) return true;
    for (const value& v : a)
      if (v.is(kind::unknown) &&
          (name == "aten::size" || name == "aten::len" || name == "aten::dim" ||
           name == "aten::eq" || name == "aten::ne" || name == "aten::gt" || name == "aten::lt" ||
           name == "aten::ge" || name == "aten::le")) {
        to = v;
        return true;
      }
    const bool tensors =
        (!a.empty() && a[0].is(kind::tensor)) || (a.size() > 1 && a[1].is(kind::tensor));
    const auto is = [&](std::string_view n, std::size_t count) {
      return name.size() == n.size() + 6 && name.compare(6, n.size(), n) == 0 &&
             name.starts_with("aten::") && a.size() >= count;
    };
    if (name == "prim::NumToTensor" && a.size() == 1 && !tensors) {
      to = a[0];
      return true;
    }
    if (name == "prim::dtype" && tensors) {
      to = value::of(static_cast<std::int64_t>(a[0].t->type));
      return true;
    }
    if (name == "prim::is_quantized" && a.size() == 1 && a[0].is(kind::tensor)) {
      to = value::of(is_quantized(a[0].t->type));
      return true;
    }
    if (name == "prim::unchecked_unwrap_optional" && a.size() == 1) {
      to = a[0];
      return true;
    }
    if ((name == "prim::min" || name == "prim::max") && a.size() == 2 && a[0].is(kind::integer) &&
        a[1].is(kind::integer)) {
      to = value::of(name == "prim::min" ? std::min(a[0].i, a[1].i) : std::max(a[0].i, a[1].i));
      return true;
    }
    if (name.starts_with("prim::") || !name.starts_with("aten::")) return false;
    if (is("size", 1) && a[0].is(kind::tensor)) {
      const auto& s = a[0].t->size;
      if (a.size() == 1) {
        to = c_.values.integers(s);
      } else if (a[1].is(kind::integer)) {
        const auto n = static_cast<std::int64_t>(s.size());
        const std::int64_t d = a[1].i < 0 ? a[1].i + n : a[1].i;
        to = d < 0 || d >= n ? c_.invalid_here("dimension of size()", std::to_string(a[1].i),
                                               std::to_string(n) + " dimensions")
                             : value::of(s[static_cast<std::size_t>(d)]);
      }
      return true;
    }
    if (is("dim", 1) && a[0].is(kind::tensor)) {
      to = value::of(std::int64_t{a[0].t->rank()});
      return true;
    }
    if (is("numel", 1) && a[0].is(kind::tensor)) {
      to = value::of(a[0].t->elements());
      return true;
    }
    if (is("len", 1) && (a[0].is_sequence() || a[0].is(kind::string))) {
      to = value::of(static_cast<std::int64_t>(a[0].is_sequence() ? a[0].c->items.size()
                                                                  : a[0].c->text.size()));
      return true;
    }
    if (is("len", 1) && a[0].is(kind::tensor) && a[0].t->rank() > 0) {
      to = value::of(a[0].t->size[0]);
      return true;
    }
    if (is("__is__", 2) || is("__isnot__", 2)) {  // only `is None` occurs
      const bool same = a[0].is(kind::none) && a[1].is(kind::none);
      if (!a[0].is(kind::none) && !a[1].is(kind::none)) return false;
      to = value::of(is("__is__", 2) ? same : !same);
      return true;
    }
    if (is("__not__", 1) && a[0].is(kind::boolean)) {
      to = value::of(!a[0].b);
      return true;
    }
    if (is("__contains__", 2) && a[0].is_sequence()) {
      bool found = false, known = false;
      for (const value& v : a[0].c->items) found |= equal(v, a[1], known);
      to = value::of(found);
      return true;
    }
    if (is("__getitem__", 2) && !a[0].is(kind::tensor)) {
      to = item(a[0], a[1]);
      return true;
    }
    if (is("append", 2) && a[0].is(kind::list)) {
      a[0].c->items.push_back(a[1]);
      to = a[0];
      return true;
    }
    if (is("warn", 1) || is("warnings", 1)) {
      to = {};
      return true;
    }
    if (is("format", 1) && a[0].is(kind::string)) {
      to = a[0];
      return true;
    }  // text of exceptions only
    if (is("is_floating_point", 1) && a[0].is(kind::tensor)) {
      to = value::of(a[0].t->type == scalar::f32 || a[0].t->type == scalar::f64 ||
                     a[0].t->type == scalar::f16);
      return true;
    }
    if (tensors) {
      // Comparisons with data cannot be decided; arithmetic is for the emitter.
      return false;
    }
    if (is("eq", 2) || is("ne", 2)) {
      bool known = false;
      const bool same = equal(a[0], a[1], known);
      if (!known) return false;
      to = value::of(is("eq", 2) == same);
      return true;
    }
    if ((is("add", 2)) && a[0].is_sequence() && a[1].is_sequence()) {
      std::vector<value> items = a[0].c->items;
      items.insert(items.end(), a[1].c->items.begin(), a[1].c->items.end());
      if (items.size() > heap::most_cells) {
        to = c_.fail(too_large("a list"));
        return true;
      }
      to = c_.values.list(std::move(items), a[0].what);
      return true;
    }
    if ((is("Int", 1) || is("ScalarImplicit", 1) || is("IntImplicit", 1)) &&
        a[0].is(kind::integer)) {
      to = a[0];
      return true;
    }
    if (is("slice", 1) && a[0].is(kind::list)) {
      const auto n = static_cast<std::int64_t>(a[0].c->items.size());
      const auto bound = [&](std::size_t i, std::int64_t otherwise) {
        return a.size() > i && a[i].is(kind::integer)
                   ? std::clamp<std::int64_t>(a[i].i < 0 ? a[i].i + n : a[i].i, 0, n)
                   : otherwise;
      };
      const std::int64_t step = a.size() > 3 && a[3].is(kind::integer) ? a[3].i : 1;
      if (step < 1) {
        to = c_.invalid_here("step of a slice", std::to_string(step));
        return true;
      }
      std::vector<value> items;
      for (std::int64_t i = bound(1, 0), end = bound(2, n); i < end; i += step)
        items.push_back(a[0].c->items[static_cast<std::size_t>(i)]);
      to = c_.values.list(std::move(items));
      return true;
    }
    double x = 0, y = 0;
    if (a.empty() || !number(a[0], x)) return false;
    const bool integers = a[0].is(kind::integer) && (a.size() < 2 || a[1].is(kind::integer));
    if (is("neg", 1)) {
      to = integers ? value::of(static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(a[0].i)))
                    : value::of(-x);
      return true;
    }
    if (a.size() < 2 || !number(a[1], y)) return false;
    if (is("gt", 2)) {
      to = value::of(integers ? a[0].i > a[1].i : x > y);
      return true;
    }
    if (is("lt", 2)) {
      to = value::of(integers ? a[0].i < a[1].i : x < y);
      return true;
    }
    if (is("ge", 2)) {
      to = value::of(integers ? a[0].i >= a[1].i : x >= y);
      return true;
    }
    if (is("le", 2)) {
      to = value::of(integers ? a[0].i <= a[1].i : x <= y);
      return true;
    }
    if (is("__and__", 2) && a[0].is(kind::boolean) && a[1].is(kind::boolean)) {
      to = value::of(a[0].b && a[1].b);
      return true;
    }
    if (is("__or__", 2) && a[0].is(kind::boolean) && a[1].is(kind::boolean)) {
      to = value::of(a[0].b || a[1].b);
      return true;
    }
    const auto wrapped = [](std::uint64_t v) { return value::of(static_cast<std::int64_t>(v)); };
    if (integers) {
      const auto u = static_cast<std::uint64_t>(a[0].i), v = static_cast<std::uint64_t>(a[1].i);
      if (is("add", 2)) {
        to = wrapped(u + v);
        return true;
      }
      if (is("sub", 2)) {
        to = wrapped(u - v);
        return true;
      }
      if (is("mul", 2)) {
        to = wrapped(u * v);
        return true;
      }
      if (is("floordiv", 2) || is("floor_divide", 2) || is("remainder", 2)) {
        if (a[1].i == 0 || (a[1].i == -1 && a[0].i == INT64_MIN)) {
          to = c_.invalid_here("division", std::to_string(a[1].i));
          return true;
        }
        const std::int64_t q = a[0].i / a[1].i, r = a[0].i % a[1].i;
        const bool down = r != 0 && (r < 0) != (a[1].i < 0);
        to = value::of(is("remainder", 2) ? (down ? r + a[1].i : r) : (down ? q - 1 : q));
        return true;
      }
    } else {
      if (is("add", 2)) {
        to = value::of(x + y);
        return true;
      }
      if (is("sub", 2)) {
        to = value::of(x - y);
        return true;
      }
      if (is("mul", 2)) {
        to = value::of(x * y);
        return true;
      }
    }
    if (is("div", 2) && y != 0) {
      to = value::of(x / y);
      return true;
    }
    return false;
  }

  context& c_;
  emitter& emit_;
  code_source source_;
  value constants_;
  std::map<std::string, std::unique_ptr<code_file>> files_;
  std::size_t statements_ = 0, code_bytes_ = 0;
  int depth_ = 0;
};

}  // namespace torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_INTERPRET_HPP_
