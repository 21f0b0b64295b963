// From operators of the program to nodes of the IR: arguments by schema, layouts, names.
#ifndef OCTET_IMPORT_TORCH_EMIT_HPP_
#define OCTET_IMPORT_TORCH_EMIT_HPP_

#include <algorithm>
#include <set>
#include <unordered_map>

#include "octet/import/common/layout.hpp"
#include "octet/import/torch/arguments.hpp"
#include "octet/import/torch/memory_format.hpp"
#include "octet/import/torch/parser.hpp"
#include "octet/import/torch/sharing.hpp"
#include "octet/numerics/half.hpp"
#include "octet/ops/binary.hpp"
#include "octet/ops/dequantize.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// Classes of packed parameters: state is the parameters themselves, not attributes.
inline bool is_packed_class(std::string_view qualified) {
  return qualified.starts_with("__torch__.torch.classes.");
}

class emitter;
/// One operator: its parameters with defaults, as Python spells them, and what makes nodes of it.
struct torch_row {
  std::string_view name;
  std::string_view parameters;
  result<value> (*emit)(emitter&, arguments&);
};
/// Scale and zero point of a result, as the program gives them.
struct output_quantization {
  double scale = 1;
  std::int32_t zero_point = 0;
};

/// What schemas call the two.
struct quantization_parameters {
  std::string_view scale = "output_scale", zero_point = "output_zero_point";
};

/// What is left of a tensor's values after a write into its memory: the values themselves where the
/// write is elsewhere.
using write_function = result<value> (*)(emitter&, tensor_data&, const memory_write&);

class emitter {
 public:
  emitter(context& with, std::span<const torch_row> rows, write_function written)
      : c(with), g(with.build.g), written_(written) {
    for (const torch_row& r : rows) rows_.emplace(r.name, &r);
  }
  context& c;  // NOLINT: rows work on it
  graph& g;    // NOLINT: the graph under construction, c.build.g

  /// Tables of embeddings that rows have made floats of, by their weights.
  std::map<const tensor_data*, tensor_id> tables_of_floats;  // NOLINT: rows keep it

  // ---- calls ----

  /// An operator that octet has no form of, and one that depends on such an operator's result, give
  /// a value nobody knows.
  result<value> operation(const std::string& name, const std::vector<value>& given,
                          const keyword_arguments& keywords) {
    const torch_row* row = row_of(name);
    if (!row) return c.missing_operator(name);
    for (const value& v : given) {
      if (v.is(kind::unknown)) return v;
      if (v.is_sequence())
        if (auto s = c.build.work.spend(v.c->items.size()); !s) return s.error();
      if (v.is_sequence())
        for (const value& e : v.c->items)
          if (e.is(kind::unknown)) return e;
    }
    const function_def* schema = schema_of(*row);
    if (!schema) return invalid("schema of " + name);
    auto bound = bind(*schema, name, given, keywords);
    if (!bound) return bound.error();
    for (const value& v : *bound)
      if (v.is(kind::unknown)) return v;
    operator_ = name + " #" + std::to_string(count_++);
    c.values.count(c.module.size() + operator_.size());  // the node's name
    c.build.enter(c.module.empty() ? operator_ : c.module + " " + operator_);
    for (const value& v : *bound)
      if (auto s = refresh(v); !s) return s.error();
    const std::size_t before = c.values.tensors();
    auto made = made_by(*row, name, *schema, *bound);
    if (c.mistake) return *c.mistake;
    if (made && changes_in_place(name) && made->is(kind::tensor) && made->t->constant()) {
      const auto in = held(*made->t, false);  // written values are the graph's
      made = in ? result<value>(wrap(*in, made->t->type, false, false)) : in.error();
    }
    if (!made) return made;
    return shared_.settle(name, *bound, *made, before, c.values);
  }
  /// Brings a tensor, or each of a list, up to what was written into the memory that it shares.
  status refresh(const value& v) {
    if (v.is_sequence())
      for (const value& e : v.c->items)
        if (e.is(kind::tensor))
          if (auto s = refresh(e); !s) return s;
    if (!v.is(kind::tensor)) return unit{};
    tensor_data& t = *v.t;
    if (t.stale)
      return unsupported("a tensor of the file that is used after it was changed in place", {},
                         "the result of the operator that changes it, or a clone taken before");
    while (const memory_write* w = shared_.unseen(t)) {
      ++t.writes;
      const auto made = written_(*this, t, *w);
      if (!made) return made.error();
      if (made->t != &t) shared_memory::put(t, *made->t);
    }
    return unit{};
  }
  const std::string& operator_name() const { return operator_; }

  // ---- float16 ----

  /// float16 values as float32: exact.
  result<value> as_floats(tensor_data& x) { return retyped(x, ops::dequantize, scalar::f32); }
  /// float32 values as float16: the nearest, ties to even, from 65520 on infinity.
  result<value> as_halves(tensor_data& x) { return retyped(x, ops::cast, scalar::f16); }

  // ---- nodes ----

  status emit(const op_def& op, std::vector<tensor_id> in, tensor_id out, attributes attrs = {},
              const node_options& options = {}) {
    return c.build.emit(op, std::move(in), {out}, std::move(attrs), options);
  }
  /// What of `x` PyTorch's kernels depend on. `channels_inner`: the layout it is held in.
  static laws::framework_facts facts_of(const tensor_data& x, bool channels_inner) {
    return {.contiguous = is_contiguous(x, false),
            .channels_last = is_contiguous(x, true),
            .channels_inner = channels_inner};
  }
  status reshape(tensor_id from, tensor_id to, std::vector<std::int64_t> shape) {
    attributes a;
    a.set("shape", std::move(shape));
    return emit(ops::reshape, {from}, to, std::move(a));
  }
  status transpose(tensor_id from, tensor_id to, std::vector<std::int64_t> order) {
    attributes a;
    a.set("perm", std::move(order));
    return emit(ops::transpose, {from}, to, std::move(a));
  }

  // ---- values ----

  /// IR extents of a value: logical extents, or with axis 1 moved to the end.
  static result<dims> ir_shape(const std::vector<std::int64_t>& size, bool channels_inner) {
    dims d;
    for (std::size_t i = 0; i < size.size(); ++i) {
      if (size[i] < 0 || size[i] > INT32_MAX)
        return too_large("extent of a tensor", std::to_string(size[i]));
      if (!(channels_inner && i == 1)) d.push_back(static_cast<std::int32_t>(size[i]));
    }
    if (channels_inner && size.size() > 1) d.push_back(static_cast<std::int32_t>(size[1]));
    if (auto s = verify_shape(d); !s) return s.error();
    return d;
  }
  static std::vector<std::int64_t> logical_size(const dims& d, bool channels_inner) {
    std::vector<std::int64_t> s(d.begin(), d.end());
    if (channels_inner && s.size() > 1) {
      s.insert(s.begin() + 1, s.back());
      s.pop_back();
    }
    return s;
  }
  /// A new tensor of the graph; its shape comes from the node that writes it.
  tensor_id make(scalar type, std::vector<double> scales = {},
                 std::vector<std::int32_t> zero_points = {}) {
    return c.build.temporary({}, dtype_of_scalar(type), std::move(scales), std::move(zero_points));
  }
  tensor_id make(scalar type, const output_quantization& q) {
    return make(type, {q.scale}, {q.zero_point});
  }
  tensor_id make_like(const tensor_data& x) { return make(x.type, x.scales, x.zero_points); }

  /// The value behind a graph tensor. `channels_last`: the memory format PyTorch gives the result.
  value wrap(tensor_id id, scalar type, bool channels_inner, bool channels_last) {
    const octet::tensor& from = g[id];
    tensor_data t;
    t.type = type;
    t.size = logical_size(from.shape, channels_inner);
    t.stride = channels_last ? channels_last_strides(t.size) : contiguous_strides(t.size);
    t.scales = from.scales;
    t.zero_points = from.zero_points;
    t.axis = from.axis;
    t.id = id;
    t.channels_inner = channels_inner;
    g[id].format = format_of(channels_last && has_channels_last(t.size.size()));
    return c.values.tensor(std::move(t));
  }
  /// The graph tensor that holds `t` in the layout asked for. Constants are added to the graph.
  result<tensor_id> held(tensor_data& t, bool channels_inner) {
    if (t.rank() < 3) channels_inner = false;
    if (t.constant()) return constant(t, channels_inner);
    if (t.channels_inner == channels_inner) return t.id;
    return layouts_.change(c.build, t.id, channels_inner);
  }
  /// The same in the layout that `t` has.
  result<tensor_id> held_as_is(tensor_data& t) {
    if (t.constant()) return constant(t, false);
    return t.id;
  }

  template <class T> tensor_id constant_of(const std::vector<T>& v) { return c.build.constant(v); }

  /// An input of the model whose element type the file does not record: float32 until an operator
  /// takes it as indices.
  void type_not_recorded(tensor_id t) { untyped_.insert(t); }
  void take_as_indices(tensor_data& t) {
    if (t.id == no_tensor || untyped_.erase(t.id) == 0) return;
    t.type = scalar::s64;
    g[t.id].type = dtype::s64;
  }

  // ---- rules that many operators share ----

  /// A quantized value with one scale, or an error.
  status per_tensor(const tensor_data& t, std::string_view what = "input") const {
    if (t.scales.size() == 1 && (t.type == scalar::quint8 || t.type == scalar::qint8))
      return unit{};
    return unsupported(std::string(what) + " of " + operator_, std::string(name_of(t.type)),
                       "quint8 or qint8 with one scale");
  }
  /// per_tensor for quantized values; others must be float32.
  status per_tensor_or_float(const tensor_data& t) const {
    if (is_quantized(t.type)) return per_tensor(t);
    if (t.type == scalar::f32) return unit{};
    return unsupported("element type of " + operator_, std::string(name_of(t.type)),
                       "float32, quint8, qint8");
  }
  /// Scale and zero point of a result of that type.
  result<output_quantization> output(arguments& a, scalar type,
                                     const quantization_parameters& names = {}) const {
    const double scale = a.real(names.scale);
    const std::int64_t zero_point = a.integer(names.zero_point);
    if (auto s = a.check(); !s) return s.error();
    return valid_output(scale, zero_point, type);
  }
  result<output_quantization> valid_output(double scale, std::int64_t zero_point,
                                           scalar type) const {
    const dtype t = dtype_of_scalar(type);
    if (scale > 0 && scale < 1e30 && zero_point >= lowest_of(t) && zero_point <= highest_of(t))
      return output_quantization{scale, static_cast<std::int32_t>(zero_point)};
    return invalid("output scale or zero point of " + operator_,
                   std::to_string(scale) + ", " + std::to_string(zero_point));
  }

  // ---- names ----
  /// Tensors are called as the program calls them: the path of the module that returned them, else
  /// module path and variable.
  void name_value(const value& v, const std::string& module, const std::string& variable) {
    if (!v.is(kind::tensor) || v.t->constant() || !g[v.t->id].name.empty()) return;
    c.values.count(module.size() + variable.size());
    g[v.t->id].name = unique(module.empty() ? variable : module + "." + variable);
  }
  void name_result(const value& v, const std::string& module) {
    if (!v.is(kind::tensor) || v.t->constant() || module.empty() ||
        !by_module_.insert(v.t->id).second)
      return;
    c.values.count(module.size());
    g[v.t->id].name = unique(module);
  }
  void protect_name(tensor_id t) { by_module_.insert(t); }

 private:
  result<value> retyped(tensor_data& x, const op_def& op, scalar type) {
    const auto in = held_as_is(x);
    if (!in) return in.error();
    const tensor_id to = make(type);
    if (auto s = emit(op, {*in}, to); !s) return s.error();
    return wrap(to, type, !x.constant() && x.channels_inner, suggests_channels_last(x));
  }
  /// Runs the row. Of float16 values PyTorch computes in float32 and rounds the results; what only
  /// moves them is given them as they are.
  result<value> made_by(const torch_row& row, const std::string& name, const function_def& schema,
                        const std::vector<value>& bound) {
    const auto is_half = [](const tensor_data& t) { return t.type == scalar::f16; };
    if (gives_views(name) || !any_tensor(bound, is_half)) {
      arguments a(c, name, named(schema, bound));
      return row.emit(*this, a);
    }
    const bool rounds = gives_halves(name, schema, bound);
    std::vector<value> floats;
    for (std::size_t i = 0; i < bound.size(); ++i) {
      const bool type = schema.parameters[i].name == "dtype" && rounds;
      const auto v = type ? value{} : in_floats(bound[i], rounds && rounds_numbers(name));
      if (!v) return v;
      floats.push_back(*v);
    }
    arguments a(c, name, named(schema, floats));
    const auto made = row.emit(*this, a);
    if (!made || !rounds) return made;
    return of_each(*made, scalar::f32, [&](tensor_data& t) { return as_halves(t); });
  }
  static bool any_tensor(const std::vector<value>& among, const auto& holds) {
    return std::any_of(among.begin(), among.end(), [&](const value& v) {
      return v.is(kind::tensor) ? holds(*v.t) : v.is_sequence() && any_tensor(v.c->items, holds);
    });
  }
  /// The value with f(tensor) in place of each tensor of that type in it.
  result<value> of_each(const value& v, scalar type, const auto& f) {
    if (v.is(kind::tensor)) return v.t->type == type ? f(*v.t) : result<value>(v);
    if (!v.is_sequence()) return v;
    std::vector<value> items;
    for (const value& item : v.c->items) {
      const auto made = item.is(kind::tensor) ? of_each(item, type, f) : result<value>(item);
      if (!made) return made;
      items.push_back(*made);
    }
    return c.values.list(std::move(items), v.what);
  }
  /// Operators that round a number, or a tensor without axes, to float16 first where their tensor
  /// is float16.
  static bool rounds_numbers(std::string_view name) {
    constexpr std::string_view list[] = {
        "aten::add",        "aten::add_",       "aten::sub", "aten::sub_", "aten::rsub",
        "aten::pow",        "aten::gt",         "aten::ge",  "aten::lt",   "aten::le",
        "aten::softshrink", "aten::hardshrink", "aten::eq",  "aten::ne",   "aten::pow_",
        "aten::fmod",       "aten::remainder"};
    return std::find(std::begin(list), std::end(list), name) != std::end(list);
  }
  /// Float16 tensors in float32. `rounded`: numbers as float16 has them.
  result<value> in_floats(const value& v, bool rounded) {
    const bool alone = rounded && v.is(kind::tensor) && v.t->rank() == 0 &&
                       (v.t->type == scalar::f32 || v.t->type == scalar::f64);
    const auto number = alone && c.known(*v.t) ? c.scalar_of(*v.t) : result<value>(v);
    if (!number) return number;
    if (rounded && number->is(kind::real))
      return value::of(
          static_cast<double>(numerics::from_f16(numerics::to_f16(static_cast<float>(number->d)))));
    const auto half = alone && v.t->type == scalar::f32 ? as_halves(*v.t) : result<value>(v);
    if (!half) return half;
    return of_each(*half, scalar::f16, [&](tensor_data& t) { return as_floats(t); });
  }
  /// Whether results that are floats are float16: as the operator in place or a `dtype` says, else
  /// where no operand with axes is wider. Normalizations go by their first operand.
  static bool gives_halves(std::string_view name, const function_def& schema,
                           const std::vector<value>& bound) {
    const bool first = changes_in_place(name) || name.find("_norm") != std::string_view::npos;
    if (first && !bound.empty() && bound[0].is(kind::tensor))
      return bound[0].t->type == scalar::f16;
    for (std::size_t i = 0; i < bound.size(); ++i)
      if (schema.parameters[i].name == "dtype" && bound[i].is(kind::integer))
        return bound[i].i == static_cast<std::int64_t>(scalar::f16);
    return !any_tensor(bound, [](const tensor_data& t) {
      return t.rank() > 0 && (t.type == scalar::f32 || t.type == scalar::f64);
    });
  }
  /// Null where there is none. An operator in place without a row is the one that it is called
  /// after, but for those that change what an operand is a view of.
  const torch_row* row_of(std::string_view name) const {
    if (const auto it = rows_.find(name); it != rows_.end()) return it->second;
    if (!changes_in_place(name)) return nullptr;
    name.remove_suffix(1);
    const auto it = rows_.find(name);
    return it == rows_.end() || gives_views(name) ? nullptr : it->second;
  }
  std::string unique(const std::string& name) {
    const int n = names_[name]++;
    return n == 0 ? name : name + "#" + std::to_string(n + 1);
  }

  /// Constants of the file as constants of the graph, once per layout.
  result<tensor_id> constant(tensor_data& t, bool channels_inner) {
    const auto key = std::pair(static_cast<const tensor_data*>(&t), channels_inner);
    if (const auto it = constants_.find(key); it != constants_.end()) return it->second;
    if (auto s = c.resolve_channels(t); !s) return s.error();
    const auto shape = ir_shape(t.size, channels_inner);
    if (!shape) return shape.error();
    int order[dims::max_rank];
    for (int i = 0; i < t.rank(); ++i) order[axis_in_layout(i, t.rank(), channels_inner)] = i;
    auto data = c.elements(t, std::span<const int>(order, t.size.size()));
    if (!data) return data.error();
    const tensor_id id = g.add_constant("", dtype_of_scalar(t.type), *shape, std::move(*data));
    g[id].scales = t.scales;
    g[id].zero_points = t.zero_points;
    if (t.scales.size() > 1) g[id].axis = axis_in_layout(t.axis, t.rank(), channels_inner);
    constants_[key] = id;
    return id;
  }

  /// Values in the schema's order.
  result<std::vector<value>> bind(const function_def& schema, const std::string& name,
                                  const std::vector<value>& given,
                                  const keyword_arguments& keywords) {
    const auto& parameters = schema.parameters;
    if (given.size() > parameters.size())
      return unsupported("arguments of " + name, std::to_string(given.size()),
                         std::to_string(parameters.size()));
    std::vector<value> bound = given;
    for (std::size_t i = given.size(); i < parameters.size(); ++i) {
      const auto keyword = std::find_if(keywords.begin(), keywords.end(), [&](const auto& k) {
        return k.first == parameters[i].name;
      });
      if (keyword != keywords.end())
        bound.push_back(keyword->second);
      else if (parameters[i].otherwise)
        bound.push_back(default_value(*parameters[i].otherwise));
      else
        return invalid("argument " + parameters[i].name + " of " + name + " is missing");
    }
    for (const auto& keyword : keywords)
      if (std::none_of(parameters.begin(), parameters.end(),
                       [&](const auto& p) { return p.name == keyword.first; }))
        return unsupported("argument of " + name, keyword.first);
    return bound;
  }
  static std::vector<arguments::argument> named(const function_def& schema,
                                                const std::vector<value>& bound) {
    std::vector<arguments::argument> all;
    for (std::size_t i = 0; i < bound.size(); ++i)
      all.push_back({schema.parameters[i].name, bound[i]});
    return all;
  }
  const function_def* schema_of(const torch_row& row) {
    if (const auto it = schemas_.find(row.name); it != schemas_.end()) return it->second;
    schema_text_.push_back("def f(" + std::string(row.parameters) + "):\n  pass\n");
    schema_files_.emplace_back();
    const auto s =
        code_parser(schema_text_.back(), std::string(row.name), schema_files_.back()).parse();
    const function_def* f =
        s && !schema_files_.back().defs.empty() ? &schema_files_.back().defs.front() : nullptr;
    schemas_[row.name] = f;
    return f;
  }
  value default_value(const expression& e) {
    switch (e.what) {
      case expression::form::boolean: return value::of(e.flag);
      case expression::form::integer: return value::of(e.i);
      case expression::form::real: return value::of(e.d);
      case expression::form::string: return c.values.string(e.text);
      case expression::form::negative: {
        const value v = default_value(*e.items[0]);
        return v.is(kind::integer) ? value::of(-v.i) : v.is(kind::real) ? value::of(-v.d) : v;
      }
      case expression::form::list: {
        std::vector<value> items;
        for (const expression* i : e.items) items.push_back(default_value(*i));
        return c.values.list(std::move(items));
      }
      case expression::form::none:
      case expression::form::name:
      case expression::form::attribute:
      case expression::form::subscript:
      case expression::form::call:
      case expression::form::dict:
      case expression::form::tuple: break;
    }
    return {};
  }

  std::unordered_map<std::string_view, const torch_row*> rows_;
  std::string operator_;  // "quantized::conv2d #12"
  int count_ = 0;
  write_function written_;
  layout_changes layouts_;
  shared_memory shared_;
  std::map<std::pair<const tensor_data*, bool>, tensor_id> constants_;
  std::set<tensor_id> by_module_, untyped_;
  std::map<std::string, int> names_;
  std::map<std::string_view, const function_def*> schemas_;
  std::deque<std::string> schema_text_;  // deques: the parsed schemas refer into them
  std::deque<code_file> schema_files_;
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_EMIT_HPP_
