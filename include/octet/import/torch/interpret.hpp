// Runs the code of an archive by partial evaluation: numbers, lists, modules and constants are
// computed, operators on tensors become nodes.
#ifndef OCTET_IMPORT_TORCH_INTERPRET_HPP_
#define OCTET_IMPORT_TORCH_INTERPRET_HPP_

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <unordered_map>

#include "octet/import/torch/emit.hpp"
#include "octet/import/torch/scalars.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// Text of a member of the archive, "code/__torch__/torch/nn.py"; nothing where there is no such
/// file.
using code_source = std::function<std::optional<result<constant_data>>(const std::string& member)>;

/// Calls of submodules are inlined, branches are decided by constants, loops whose ends constants
/// decide are unrolled; where the input's data decides a branch, both sides are computed and their
/// tensors chosen from. limits::work bounds statements and expressions, limits::depth those within
/// one another; a program that needs more is refused. After an error the context tells the place,
/// and the interpreter is of no more use.
class interpreter {
 public:
  static constexpr std::size_t most_code = std::size_t{1} << 21;  // large networks: 300 KB
  static constexpr std::size_t longest_path = 4096;  // of a module; every call copies it
  /// Steps of limits::work that a statement or an expression takes: 100 ns.
  static constexpr std::size_t steps = 64;

  interpreter(context& c, emitter& e, code_source source)
      : c_(c), emit_(e), scalars_(c), source_(std::move(source)) {}

  /// CONSTANTS.c0, CONSTANTS.c1, ...
  void set_constants(const value& v) { constants_ = v; }

  /// The parameters of the root object's forward, without self.
  result<const function_def*> forward_of(const value& root) {
    if (!root.is(kind::object))
      return malformed("data.pkl does not hold a module", std::string(name_of(root.what)));
    const auto forward = find_method(root.c->text, "forward");
    if (forward && !*forward) return unsupported("the module has no forward method", root.c->text);
    return forward;
  }
  result<value> call_forward(const value& root, std::vector<value> arguments) {
    const auto f = forward_of(root);
    if (!f) return f.error();
    arguments.insert(arguments.begin(), root);
    return call(**f, arguments, {});
  }

 private:
  // What calls itself and what that calls are functions on their own, never inlined: a frame holds
  // what one of them needs, not the errors that all of them might make.
  using scope = std::unordered_map<std::string, value>;
  enum class flow : std::uint8_t {
    next,
    returned,
    stopped
  };  // stopped: at a branch that an unsupported operator would decide

  // ---- definitions: null where the archive has none of that name ----

  OCTET_NOINLINE result<const code_file*> parsed(const std::string& module) {
    if (const auto it = files_.find(module); it != files_.end()) return it->second.get();
    auto& to = files_[module];
    std::string member = "code/" + module;
    std::replace(member.begin() + 5, member.end(), '.', '/');
    member += ".py";
    const auto text = source_(member);
    if (!text) return nullptr;
    if (!*text) return text->error();
    const auto bytes = (*text)->bytes;
    code_bytes_ = saturating_add(code_bytes_, bytes.size());
    if (code_bytes_ > most_code)
      return too_large("code of the archive", {}, std::to_string(most_code) + " bytes");
    auto f = std::make_unique<code_file>();
    const std::string_view code(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (auto s = code_parser(code, member, *f, c_.build.max).parse(); !s) return s.error();
    to = std::move(f);
    return to.get();
  }
  static std::pair<std::string, std::string> split(const std::string& qualified) {
    const std::size_t dot = qualified.rfind('.');
    return dot == std::string::npos
               ? std::pair<std::string, std::string>{"", qualified}
               : std::pair{qualified.substr(0, dot), qualified.substr(dot + 1)};
  }
  OCTET_NOINLINE result<const class_def*> find_class(const std::string& qualified) {
    const auto [module, name] = split(qualified);
    const auto f = parsed(module);
    if (!f) return f.error();
    if (!*f) return nullptr;
    const auto it = (*f)->classes.find(name);
    return it == (*f)->classes.end() ? nullptr : &it->second;
  }
  OCTET_NOINLINE result<const function_def*> find_function(const std::string& qualified) {
    const auto [module, name] = split(qualified);
    const auto f = parsed(module);
    if (!f) return f.error();
    if (!*f) return nullptr;
    const auto it = (*f)->functions.find(name);
    return it == (*f)->functions.end() ? nullptr : it->second;
  }
  OCTET_NOINLINE result<const function_def*> find_method(const std::string& qualified,
                                                         std::string_view name) {
    const auto cls = find_class(qualified);
    if (!cls) return cls.error();
    if (!*cls) return nullptr;
    const auto it = (*cls)->methods.find(name);
    return it == (*cls)->methods.end() ? nullptr : it->second;
  }

  // ---- objects ----

  /// Attributes from the object's state: a dict directly, anything else through __setstate__.
  OCTET_NOINLINE status build(cell& o) {
    if (o.built) return unit{};
    o.built = true;
    if (o.items.empty()) return unit{};
    const value state = o.items[0];
    if (state.is(kind::dict)) {
      for (std::size_t i = 0; i + 1 < state.c->items.size(); i += 2)
        if (state.c->items[i].is(kind::string))
          o.attrs[state.c->items[i].c->text] = state.c->items[i + 1];
      return unit{};
    }
    if (is_packed_class(o.text)) return unit{};
    const auto method = find_method(o.text, "__setstate__");
    if (!method) return method.error();
    if (!*method)
      return unsupported("an object whose state is not a dict and whose class has no __setstate__",
                         o.text);
    value self;
    self.what = kind::object;
    self.c = &o;
    const auto done = call(**method, {self, state}, {});
    if (!done) return done.error();
    return unit{};
  }
  OCTET_NOINLINE result<value> attribute(const value& base, const std::string& name) {
    if (base.is(kind::unknown)) return base;
    if (base.is(kind::tuple) && !base.c->text.empty()) {
      const auto cls = find_class(base.c->text);
      if (!cls) return cls.error();
      if (auto s = c_.build.work.spend(base.c->items.size()); !s) return s.error();
      for (std::size_t i = 0; *cls && i < (*cls)->fields.size() && i < base.c->items.size(); ++i)
        if ((*cls)->fields[i] == name) return base.c->items[i];
    }
    if (!base.is(kind::object))
      return invalid("attribute " + name + " of something that is not a module",
                     std::string(name_of(base.what)));
    cell& o = *base.c;
    if (auto s = build(o); !s) return s.error();
    const auto it = o.attrs.find(name);
    if (it == o.attrs.end()) return class_constant(o, name);
    const value v = it->second;
    if (v.is(kind::object) && v.c->path.empty()) {
      v.c->path = o.path.empty() ? name : o.path + "." + name;
      c_.values.count(v.c->path.size());
      if (v.c->path.size() > longest_path)
        return too_large("path of a module", {}, std::to_string(longest_path) + " bytes");
    }
    return v;
  }
  /// `name : Final[int] = 2` in the object's class.
  OCTET_NOINLINE result<value> class_constant(const cell& o, const std::string& name) {
    const auto cls = find_class(o.text);
    if (!cls) return cls.error();
    const expression* constant = nullptr;
    if (*cls)
      if (const auto it = (*cls)->constants.find(name); it != (*cls)->constants.end())
        constant = it->second;
    const nested inside(depth_);
    if (!constant)
      return invalid("module " + std::string(last_name(o.text)) + " has no attribute " + name);
    scope none;
    return evaluate(*constant, none);
  }

  // ---- calls ----

  OCTET_NOINLINE result<value> call(const function_def& f, const std::vector<value>& arguments,
                                    const keyword_arguments& keywords) {
    const nested inside(depth_);
    if (auto s = enter(); !s) return s.error();
    const std::string file = c_.file, module = c_.module;
    const std::int32_t line = c_.line;
    c_.file = f.file;
    c_.line = f.line;
    if (!f.parameters.empty() && !arguments.empty() && arguments[0].is(kind::object) &&
        f.name != "__setstate__")
      c_.module = arguments[0].c->path;
    scope names;
    if (auto s = bind(f, arguments, keywords, names); !s) return s.error();
    value returned;
    const auto end = run(f.body, names, returned);
    if (!end) return end.error();
    if (*end == flow::stopped) returned = value::unknown();
    emit_.name_result(returned, c_.module);
    c_.file = file;
    c_.module = module;
    c_.line = line;
    return returned;
  }
  OCTET_NOINLINE status bind(const function_def& f, const std::vector<value>& arguments,
                             const keyword_arguments& keywords, scope& names) {
    if (arguments.size() > f.parameters.size())
      return invalid("arguments of " + f.name, std::to_string(arguments.size()),
                     std::to_string(f.parameters.size()));
    if (auto s = c_.build.work.spend((keywords.size() + 1) * f.parameters.size()); !s) return s;
    for (std::size_t i = 0; i < f.parameters.size(); ++i) {
      const auto& p = f.parameters[i];
      const auto keyword = std::find_if(keywords.begin(), keywords.end(),
                                        [&](const auto& k) { return k.first == p.name; });
      if (i < arguments.size()) {
        names[p.name] = arguments[i];
      } else if (keyword != keywords.end()) {
        names[p.name] = keyword->second;
      } else if (p.otherwise) {
        const auto v = evaluate(*p.otherwise, names);
        if (!v) return v.error();
        names[p.name] = *v;
      } else {
        return invalid("argument " + p.name + " of " + f.name + " is missing");
      }
    }
    return unit{};
  }

  // ---- statements ----

  /// One more call, block or expression within another, as long as this exists.
  struct nested {
    explicit nested(std::size_t& d) : depth(d) { ++depth; }
    ~nested() { --depth; }
    nested(const nested&) = delete;
    nested& operator=(const nested&) = delete;
    std::size_t& depth;
  };
  OCTET_NOINLINE status enter() {
    if (auto s = c_.build.work.spend(steps); !s) return s;
    if (c_.values.full()) return too_large("values of the program");
    return within_limit(&limits::depth, c_.build.max, "calls and expressions within one another",
                        depth_);
  }
  OCTET_NOINLINE result<flow> run(const std::vector<const statement*>& body, scope& names,
                                  value& returned) {
    const nested inside(depth_);
    for (const statement* s : body) {
      if (auto entered = enter(); !entered) return entered.error();
      c_.line = s->line;
      const auto f = run(*s, names, returned);
      if (!f || *f != flow::next) return f;
    }
    return flow::next;
  }
  OCTET_NOINLINE result<flow> run(const statement& s, scope& names, value& returned) {
    switch (s.what) {
      case statement::form::pass: return flow::next;
      case statement::form::evaluate:
        if (const auto v = evaluate(*s.value, names); !v) return v.error();
        return flow::next;
      case statement::form::assign:
        if (auto done = assign(s, names); !done) return done.error();
        return flow::next;
      case statement::form::give_back: {
        const auto v = s.value ? evaluate(*s.value, names) : result<value>(value{});
        if (!v) return v.error();
        returned = *v;
        return flow::returned;
      }
      case statement::form::branch: {
        const auto v = evaluate(*s.value, names);
        if (!v) return v.error();
        if (v->is(kind::unknown)) return flow::stopped;
        if (v->is(kind::tensor) && !c_.known(*v->t)) return both(s, *v->t, names, returned);
        const auto taken = truth(*v);
        if (!taken) return taken.error();
        return run(*taken ? s.body : s.otherwise, names, returned);
      }
      case statement::form::loop: return loop(s, names, returned);
      case statement::form::repeat: return repeat(s, names, returned);
      case statement::form::inside: return inside_context(s, names, returned);
      case statement::form::define: return define(s, names);
    }
    return flow::next;
  }
  /// What fork runs beside the rest runs at once; its name is its result's.
  OCTET_NOINLINE result<flow> define(const statement& s, scope& names) {
    if (!s.value || s.value->what != expression::form::name) return invalid("a function's name");
    if (auto work = c_.build.work.spend(names.size()); !work) return work.error();
    scope inner = names;
    value made;
    const auto end = run(s.body, inner, made);
    if (!end) return end.error();
    names[s.value->text] = *end == flow::stopped ? value::unknown() : made;
    return flow::next;
  }
  /// `with`: of contexts that change no number.
  OCTET_NOINLINE result<flow> inside_context(const statement& s, scope& names, value& returned) {
    const auto v = evaluate(*s.value, names);
    if (!v) return v.error();
    const std::string_view of =
        v->is(kind::object) ? last_name(v->c->text) : std::string_view(name_of(v->what));
    if (of != "no_grad" && of != "enable_grad" && of != "inference_mode" && of != "record_function")
      return unsupported("a with statement", std::string(of),
                         "no_grad, enable_grad, inference_mode, record_function");
    return run(s.body, names, returned);
  }
  OCTET_NOINLINE result<flow> loop(const statement& s, scope& names, value& returned) {
    const auto over = evaluate(*s.value, names);
    if (!over) return over.error();
    if (over->is(kind::unknown)) return flow::stopped;
    if (!over->is(kind::integer))
      return unsupported("a loop over something that is not a range",
                         std::string(name_of(over->what)));
    // Ends by limits::work at the latest: an empty body counts too.
    for (std::int64_t i = 0; i < over->i; ++i) {
      if (auto counted = c_.build.work.spend(steps); !counted) return counted.error();
      names[s.targets[0]->text] = value::of(i);
      const auto f = run(s.body, names, returned);
      if (!f || *f != flow::next) return f;
    }
    return flow::next;
  }
  /// `while` on what is known: limits::work ends it at the latest.
  OCTET_NOINLINE result<flow> repeat(const statement& s, scope& names, value& returned) {
    for (;;) {
      if (auto counted = c_.build.work.spend(steps); !counted) return counted.error();
      const auto v = evaluate(*s.value, names);
      if (!v) return v.error();
      if (v->is(kind::unknown)) return flow::stopped;
      if (v->is(kind::tensor) && !c_.known(*v->t))
        return unsupported("a while loop that depends on the input's data");
      const auto again = truth(*v);
      if (!again) return again.error();
      if (!*again) return flow::next;
      const auto f = run(s.body, names, returned);
      if (!f || *f != flow::next) return f;
    }
  }
  /// A branch that the input's data decides: both sides run, and each name that differs becomes a
  /// choice between the two values.
  OCTET_NOINLINE result<flow> both(const statement& s, tensor_data& condition, scope& names,
                                   value& returned) {
    if (condition.elements() != 1)
      return unsupported("a branch that depends on the input's data",
                         std::to_string(condition.elements()) + " elements", "one");
    value decides = value_of_tensor(condition);
    if (condition.type != scalar::boolean) {
      const auto zero = emit_.operation("aten::ne", {decides, value::of(std::int64_t{0})}, {});
      if (!zero) return zero.error();
      decides = *zero;
    }
    if (auto copied = c_.build.work.spend(steps * names.size()); !copied) return copied.error();
    scope taken = names, otherwise = names;
    ++branches_;
    const std::size_t before = std::exchange(made_before_branch_, c_.values.tensors());
    const auto a = run(s.body, taken, returned), b = a ? run(s.otherwise, otherwise, returned) : a;
    made_before_branch_ = before;
    --branches_;
    if (!b) return b.error();
    if (*a == flow::stopped || *b == flow::stopped) return flow::stopped;
    if (*a != flow::next || *b != flow::next)
      return unsupported("a return inside a branch that depends on the input's data");
    for (auto& [name, v] : taken) {
      const auto other = otherwise.find(name);
      if (other == otherwise.end()) continue;  // of this side alone: nothing after it can read it
      const value& w = other->second;
      if (same_value(v, w)) {
        names[name] = v;
        continue;
      }
      if (v.is(kind::unknown) || w.is(kind::unknown)) {
        names[name] = value::unknown();
        continue;
      }
      if (!v.is(kind::tensor) || !w.is(kind::tensor))
        return unsupported(
            "a branch that depends on the input's data and decides more than tensors",
            name + ": " + std::string(name_of((v.is(kind::tensor) ? w : v).what)), "Tensor");
      const auto chosen = emit_.operation("aten::where", {decides, v, w}, {});
      if (!chosen) return chosen.error();
      names[name] = *chosen;
    }
    return flow::next;
  }
  static value value_of_tensor(tensor_data& t) {
    value v;
    v.what = kind::tensor;
    v.t = &t;
    return v;
  }
  static bool same_value(const value& v, const value& w) {
    if (v.what != w.what) return false;
    if (v.is(kind::tensor)) return v.t == w.t;
    if (v.has_cell()) return v.c == w.c;
    return equal(v, w).value_or(false);
  }
  OCTET_NOINLINE status assign(const statement& s, scope& names) {
    const auto v = evaluate(*s.value, names);
    if (!v) return v.error();
    if (!s.unpack) return store(*s.targets[0], *v, names);
    const bool known = !v->is(kind::unknown);
    if (known && (!v->is_sequence() || v->c->items.size() != s.targets.size()))
      return invalid(
          "values to unpack",
          v->is_sequence() ? std::to_string(v->c->items.size()) : std::string(name_of(v->what)),
          std::to_string(s.targets.size()));
    for (std::size_t i = 0; i < s.targets.size(); ++i)
      if (auto done = store(*s.targets[i], known ? v->c->items[i] : *v, names); !done) return done;
    return unit{};
  }
  OCTET_NOINLINE status store(const expression& to, const value& v, scope& names) {
    if (to.what == expression::form::name) {
      names[to.text] = v;
      emit_.name_value(v, c_.module, to.text);
      return unit{};
    }
    if (to.what == expression::form::attribute) {
      const auto base = evaluate(*to.items[0], names);
      if (!base) return base.error();
      if (base->is(kind::unknown)) return unit{};
      if (base->is(kind::object)) {
        if (branches_ > 0) return changes_state();
        base->c->attrs[to.text] = v;
        return unit{};
      }
    }
    return unsupported("an assignment to something that is not a name or an attribute");
  }
  static error_info changes_state() {
    return unsupported("a module, list or tensor that changes where the input's data decides");
  }
  OCTET_NOINLINE result<bool> truth(const value& v) {
    if (v.is(kind::tensor)) {
      const auto n = c_.scalar_of(*v.t);
      if (!n) return n.error();
      return truth(*n);
    }
    double number = 0;
    if (v.is(kind::none)) return false;
    if (v.is(kind::integer)) return v.i != 0;
    if (read_number(v, number)) return number != 0;
    return unsupported("a condition of this kind", std::string(name_of(v.what)));
  }

  // ---- expressions ----

  /// "torch.nn.functional" for a chain of attributes whose first name is not a local; empty
  /// otherwise.
  static std::string dotted(const expression& e, const scope& names) {
    std::vector<const expression*> parts;  // from the last to the first
    const expression* at = &e;
    for (; at->what == expression::form::attribute; at = at->items[0]) parts.push_back(at);
    if (at->what != expression::form::name || names.find(at->text) != names.end()) return {};
    std::string path = at->text;
    for (std::size_t i = parts.size(); i-- > 0;) path += "." + parts[i]->text;
    return path;
  }
  static bool global_prefix(const std::string& s) {
    return s.starts_with("torch.") || s.starts_with("ops.") || s.starts_with("__torch__.");
  }

  OCTET_NOINLINE result<value> evaluate(const expression& e, scope& names) {
    const nested inside(depth_);
    if (auto s = enter(); !s) return s.error();
    switch (e.what) {
      case expression::form::none: return value{};
      case expression::form::boolean: return value::of(e.flag);
      case expression::form::integer: return value::of(e.i);
      case expression::form::real: return value::of(e.d);
      case expression::form::string: return c_.values.string(e.text);
      case expression::form::name: return variable(e, names);
      case expression::form::negative: return negative(e, names);
      case expression::form::list:
      case expression::form::tuple: return sequence(e, names);
      case expression::form::dict: return dict(e, names);
      case expression::form::attribute: return attribute_of(e, names);
      case expression::form::subscript: return subscript(e, names);
      case expression::form::call: return evaluate_call(e, names);
    }
    return value::unknown();
  }
  OCTET_NOINLINE result<value> variable(const expression& e, const scope& names) {
    if (const auto it = names.find(e.text); it != names.end()) return it->second;
    if (e.text == "inf") return value::of(std::numeric_limits<double>::infinity());
    return invalid("a name that nothing defines", e.text);
  }
  OCTET_NOINLINE result<value> negative(const expression& e, scope& names) {
    const auto v = evaluate(*e.items[0], names);
    if (!v || v->is(kind::unknown)) return v;
    if (v->is(kind::integer))
      return value::of(static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(v->i)));
    if (v->is(kind::real)) return value::of(-v->d);
    return invalid("minus of something that is not a number", std::string(name_of(v->what)));
  }
  OCTET_NOINLINE result<value> sequence(const expression& e, scope& names) {
    std::vector<value> items;
    for (const expression* i : e.items) {
      const auto v = evaluate(*i, names);
      if (!v) return v;
      items.push_back(*v);
    }
    return c_.values.list(std::move(items),
                          e.what == expression::form::list ? kind::list : kind::tuple);
  }
  /// Key, value, key, value; a key that comes twice keeps its first place and its last value.
  OCTET_NOINLINE result<value> dict(const expression& e, scope& names) {
    const value d = c_.values.make(kind::dict);
    for (std::size_t i = 0; i + 1 < e.items.size(); i += 2) {
      const auto k = evaluate(*e.items[i], names);
      if (!k) return k;
      const auto v = evaluate(*e.items[i + 1], names);
      if (!v) return v;
      set_item(*d.c, *k, *v);
    }
    return d;
  }
  OCTET_NOINLINE result<value> attribute_of(const expression& e, scope& names) {
    if (const std::string path = dotted(e, names); !path.empty()) {
      constexpr std::string_view constants = "CONSTANTS.c";
      if (path.starts_with(constants)) return constant(path.substr(constants.size()));
      if (global_prefix(path)) return c_.values.make(kind::global, path);
    }
    const auto base = evaluate(*e.items[0], names);
    if (!base) return base;
    return attribute(*base, e.text);
  }
  OCTET_NOINLINE result<value> subscript(const expression& e, scope& names) {
    const auto base = evaluate(*e.items[0], names);
    if (!base) return base;
    const auto index = evaluate(*e.items[1], names);
    if (!index) return index;
    if (base->is(kind::unknown) || index->is(kind::unknown)) return value::unknown();
    if (base->is(kind::dict))
      if (auto s = c_.build.work.spend(base->c->items.size()); !s) return s.error();
    return item(*base, *index);
  }
  OCTET_NOINLINE result<value> constant(const std::string& digits) {
    std::size_t i = 0;
    const auto r = std::from_chars(digits.data(), digits.data() + digits.size(), i);
    if (r.ec != std::errc() || r.ptr != digits.data() + digits.size() ||
        !constants_.is_sequence() || i >= constants_.c->items.size())
      return malformed("CONSTANTS has no such element", "c" + digits);
    const value v = constants_.c->items[i];
    if (v.is(kind::object) && v.c->path.empty()) v.c->path = "CONSTANTS.c" + digits;
    return v;
  }

  // ---- calls in expressions ----

  OCTET_NOINLINE result<value> evaluate_call(const expression& e, scope& names) {
    const expression& callee = *e.items[0];
    const std::string path = dotted(callee, names);
    if (auto s = c_.build.work.spend(path.size()); !s) return s.error();
    // Forms whose first argument is a type, not a value.
    if (path == "annotate" || path == "unchecked_cast") {
      if (e.items.size() != 3) return invalid("arguments of " + path);
      return evaluate(*e.items[2], names);
    }
    if (path == "uninitialized") return value{};
    std::vector<value> arguments;
    keyword_arguments keywords;
    for (std::size_t i = 1; i < e.items.size(); ++i) {
      const auto v = evaluate(*e.items[i], names);
      if (!v) return v;
      if (e.keywords[i].empty())
        arguments.push_back(*v);
      else
        keywords.emplace_back(e.keywords[i], *v);
    }
    c_.line = e.line;
    if ((path == "fork" || path == "torch.wait") && arguments.size() == 1) return arguments[0];
    if (!path.empty() && !global_prefix(path) && path.find('.') == std::string::npos)
      return builtin(path, arguments);
    if (!path.empty() && global_prefix(path)) return call_global(path, arguments, keywords);
    return call_value(callee, std::move(arguments), keywords, names);
  }
  /// A method of a module, or a value that holds a function's name.
  OCTET_NOINLINE result<value> call_value(const expression& callee, std::vector<value> arguments,
                                          const keyword_arguments& keywords, scope& names) {
    if (callee.what == expression::form::attribute) {
      const auto base = evaluate(*callee.items[0], names);
      if (!base || base->is(kind::unknown)) return base;
      if (base->is(kind::object)) return method(*base, callee.text, std::move(arguments), keywords);
      return unsupported("a method of something that is not a module: " + callee.text,
                         std::string(name_of(base->what)));
    }
    const auto f = evaluate(callee, names);
    if (!f || f->is(kind::unknown)) return f;
    if (!f->is(kind::global))
      return unsupported("a call of something that is not a function",
                         std::string(name_of(f->what)));
    return call_global(f->c->text, arguments, keywords);
  }
  /// "torch.relu", "ops.quantized.add", "__torch__.m.f".
  OCTET_NOINLINE result<value> call_global(const std::string& target,
                                           const std::vector<value>& arguments,
                                           const keyword_arguments& keywords) {
    constexpr std::string_view create = ".__new__";
    if (target.starts_with("__torch__.") && target.ends_with(create)) {
      const value made =
          c_.values.make(kind::object, target.substr(0, target.size() - create.size()));
      made.c->built = true;  // __init__, which the program calls next, gives it its attributes
      return made;
    }
    if (target.starts_with("__torch__.")) return call_own(target, arguments, keywords);
    constexpr std::string_view torch = "torch.", ops = "ops.";
    std::string name = target.starts_with(torch) ? "aten::" + target.substr(torch.size())
                                                 : target.substr(ops.size());
    if (const std::size_t dot = name.find('.'); dot != std::string::npos)
      name = name.substr(0, dot) + "::" + name.substr(dot + 1);
    return operation(name, arguments, keywords);
  }
  /// A function of the program, or a named tuple of it that is made.
  OCTET_NOINLINE result<value> call_own(const std::string& target,
                                        const std::vector<value>& arguments,
                                        const keyword_arguments& keywords) {
    const auto f = find_function(target);
    if (!f) return f.error();
    if (*f) return call(**f, arguments, keywords);
    const auto cls = find_class(target);
    if (!cls) return cls.error();
    if (!*cls || !(*cls)->named_tuple || !keywords.empty() ||
        arguments.size() != (*cls)->fields.size())
      return c_.missing_operator(target);
    const value made = c_.values.list(arguments, kind::tuple);
    made.c->text = target;
    return made;
  }
  OCTET_NOINLINE result<value> method(const value& self, const std::string& name,
                                      std::vector<value> arguments,
                                      const keyword_arguments& keywords) {
    if (auto s = build(*self.c); !s) return s.error();
    const auto f = find_method(self.c->text, name);
    if (!f) return f.error();
    if (!*f) return c_.missing_operator(self.c->text + "." + name);
    arguments.insert(arguments.begin(), self);
    return call(**f, arguments, keywords);
  }
  OCTET_NOINLINE result<value> builtin(const std::string& name, const std::vector<value>& a) {
    for (const value& v : a)
      if (v.is(kind::unknown)) return v;
    if (name == "print") return value{};
    if (name == "range" && a.size() == 1 && a[0].is(kind::integer)) return a[0];
    if (name == "str" && a.size() == 1 && a[0].is(kind::integer))
      return c_.values.string(std::to_string(a[0].i));
    if (name == "str" && a.size() == 1 && a[0].is(kind::string)) return a[0];
    if (name == "getattr" && a.size() == 2 && a[1].is(kind::string))
      return attribute(a[0], a[1].c->text);
    if (name == "len" && a.size() == 1 && a[0].is_sequence())
      return value::of(static_cast<std::int64_t>(a[0].c->items.size()));
    if (name != "float" && name != "int" && name != "bool") return c_.missing_operator(name + "()");
    if (a.size() != 1) return invalid("arguments of " + name);
    return converted(name, a[0]);
  }
  /// float(v), int(v), bool(v).
  OCTET_NOINLINE result<value> converted(const std::string& name, value v) {
    if (v.is(kind::tensor)) {
      // A number of the input's data stays a tensor: operators take it as one, int() does not.
      if (!c_.known(*v.t) && name != "int" && v.t->elements() == 1) return v;
      if (!c_.known(*v.t)) return unsupported("a whole number that depends on the input's data");
      const auto n = c_.scalar_of(*v.t);
      if (!n) return n;
      v = *n;
    }
    if (name == "float" && v.is(kind::string)) {
      if (v.c->text == "inf") return value::of(std::numeric_limits<double>::infinity());
      if (v.c->text == "-inf") return value::of(-std::numeric_limits<double>::infinity());
      if (v.c->text == "nan") return value::of(std::numeric_limits<double>::quiet_NaN());
    }
    double d = 0;
    if (!read_number(v, d)) return unsupported(name + "() of this", std::string(name_of(v.what)));
    if (name == "float") return value::of(d);
    if (name == "bool") return value::of(d != 0);
    if (v.is(kind::integer)) return v;
    if (!(d > -9e18 && d < 9e18)) return invalid("int() of this number");
    return value::of(static_cast<std::int64_t>(d));
  }
  /// torch.*, ops.*.*: computed where it is about numbers and lists, else a row's.
  OCTET_NOINLINE result<value> operation(const std::string& name, const std::vector<value>& a,
                                         const keyword_arguments& keywords) {
    if (name == "prim::RaiseException") {
      std::string text = !a.empty() && a[0].is(kind::string) ? a[0].c->text : std::string();
      for (char& ch : text)
        if (ch < 32 || ch > 126) ch = ' ';
      return invalid("the model's own code raises an exception", text.substr(0, 200));
    }
    if (branches_ > 0 && changes_items(name, a)) return changes_state();
    if (branches_ > 0 && changes_in_place(name) && !a.empty() && a[0].is(kind::tensor) &&
        (a[0].t->serial < made_before_branch_ || a[0].t->memory != 0))
      return changes_state();
    if (!a.empty() && a[0].has_cell())  // lists and dicts are walked
      if (auto s = c_.build.work.spend(a[0].c->items.size()); !s) return s.error();
    if (auto computed = scalars_.run(name, a, keywords)) return *computed;
    return emit_.operation(name, a, keywords);
  }

  context& c_;
  emitter& emit_;
  scalar_operators scalars_;
  code_source source_;
  value constants_;
  std::map<std::string, std::unique_ptr<code_file>> files_;
  std::size_t code_bytes_ = 0, depth_ = 0;
  int branches_ = 0;                    // open ones that the input's data decides
  std::size_t made_before_branch_ = 0;  // tensors
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_INTERPRET_HPP_
