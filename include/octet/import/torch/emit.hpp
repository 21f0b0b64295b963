// From operators of the program to nodes of the IR: arguments by schema, layouts, memory formats,
// names.
#ifndef OCTET_IMPORT_TORCH_EMIT_HPP_
#define OCTET_IMPORT_TORCH_EMIT_HPP_

#include <set>

#include "octet/import/torch/code.hpp"
#include "octet/import/torch/context.hpp"
#include "octet/ops/list.hpp"

OCTET_NAMESPACE_BEGIN
namespace torchscript {

// ---- memory formats ----
// Some kernels of PyTorch round differently for channels-last tensors, so every value carries the
// strides PyTorch would give it.

inline std::vector<std::int64_t> contiguous_strides(const std::vector<std::int64_t>& size) {
  std::vector<std::int64_t> s(size.size());
  std::int64_t step = 1;
  for (std::size_t i = size.size(); i-- > 0;) {
    s[i] = step;
    step *= std::max<std::int64_t>(size[i], 1);
  }
  return s;
}
/// For 4 dimensions N, H, W, C from outside in; other ranks: contiguous.
inline std::vector<std::int64_t> channels_last_strides(const std::vector<std::int64_t>& size) {
  if (size.size() != 4) return contiguous_strides(size);
  const auto c = std::max<std::int64_t>(size[1], 1), w = std::max<std::int64_t>(size[3], 1),
             h = std::max<std::int64_t>(size[2], 1);
  return {h * w * c, 1, w * c, c};
}
/// Every step is what the format says; axes of extent 1 do not count. 1x1 images and single
/// channels are both formats at once.
inline bool is_contiguous(const tensor_data& t, bool channels_last) {
  if (channels_last && t.rank() != 4) return false;
  const auto want = channels_last ? channels_last_strides(t.size) : contiguous_strides(t.size);
  for (std::size_t i = 0; i < want.size(); ++i)
    if (t.size[i] != 1 && t.stride[i] != want[i]) return false;
  return true;
}
/// The format PyTorch gives to results "like" this one: channels last only where the strides say so
/// without doubt.
inline bool suggests_channels_last(const tensor_data& t) {
  if (t.rank() != 4 || t.stride[1] == 0) return false;
  std::int64_t least = 0;
  for (const std::size_t d : {std::size_t{1}, std::size_t{3}, std::size_t{2}, std::size_t{0}}) {
    if (t.size[d] == 0 || t.stride[d] < least) return false;
    if (d == 0 && least == t.stride[1]) return false;  // N111: ambiguous, taken as contiguous
    least = t.size[d] > 1 ? t.stride[d] * t.size[d] : t.stride[d];
  }
  return true;
}

/// Classes of packed parameters: state is the parameters themselves, not attributes.
inline bool is_packed_class(std::string_view qualified) {
  return qualified.starts_with("__torch__.torch.classes.");
}

class emitter;
/// The arguments of one operator, in its schema's order, defaults filled in.
struct arguments {
  std::string name;
  std::vector<value> v;
};
/// One operator: its parameters with defaults, as Python spells them, and what makes nodes of it.
struct torch_row {
  std::string_view name;
  std::string_view parameters;
  value (*emit)(emitter&, arguments&);
};

class emitter {
 public:
  emitter(context& with, std::span<const torch_row> rows) : c(with), rows_(rows) {}
  context& c;  // NOLINT: rows work on it

  // ---- calls ----
  value operation(const std::string& name, const std::vector<value>& given,
                  const std::vector<std::pair<std::string, value>>& keywords) {
    const torch_row* row = nullptr;
    for (const torch_row& r : rows_)
      if (r.name == name) row = &r;
    if (!row) return c.missing_operator(name);
    for (const value& v : given) {
      if (v.is(kind::unknown)) return v;
      if (v.is_sequence())
        for (const value& e : v.c->items)
          if (e.is(kind::unknown)) return e;
    }
    const function_def* schema = schema_of(*row);
    if (!schema) return c.fail(errc::invalid, "schema of " + name);
    arguments a{name, {}};
    if (given.size() > schema->parameters.size())
      return c.unsupported_here("arguments of " + name, std::to_string(given.size()),
                                std::to_string(schema->parameters.size()));
    for (std::size_t i = 0; i < schema->parameters.size(); ++i) {
      const auto& p = schema->parameters[i];
      const value* keyword = nullptr;
      for (const auto& [k, v] : keywords)
        if (k == p.name) keyword = &v;
      if (i < given.size())
        a.v.push_back(given[i]);
      else if (keyword)
        a.v.push_back(*keyword);
      else if (p.otherwise)
        a.v.push_back(default_value(*p.otherwise));
      else
        return c.invalid_here("argument " + p.name + " of " + name + " is missing");
      if (a.v.back().is(kind::unknown)) return value::unknown();
    }
    for (const auto& [k, v] : keywords) {
      bool known = false;
      for (const auto& p : schema->parameters) known |= p.name == k;
      if (!known) return c.unsupported_here("argument of " + name, k);
    }
    operator_ = name + " #" + std::to_string(count_++);
    const value r = row->emit(*this, a);
    return c.failed() ? value::unknown() : r;
  }

  // ---- arguments ----
  /// Each gives an error and a neutral value where the argument is of another kind.
  tensor_data* tensor(const arguments& a, std::size_t i) {
    if (a.v[i].is(kind::tensor)) return a.v[i].t;
    wrong(a, i, "Tensor");
    return nullptr;
  }
  std::int64_t integer(const arguments& a, std::size_t i) {
    if (a.v[i].is(kind::integer)) return a.v[i].i;
    if (a.v[i].is(kind::tensor) && a.v[i].t->constant()) {
      if (const value n = c.scalar_of(*a.v[i].t); n.is(kind::integer)) return n.i;
    }
    wrong(a, i, "int");
    return 0;
  }
  double real(const arguments& a, std::size_t i) {
    const value& v = a.v[i];
    if (v.is(kind::real)) return v.d;
    if (v.is(kind::integer)) return static_cast<double>(v.i);
    if (v.is(kind::tensor) && v.t->constant()) {
      const value n = c.scalar_of(*v.t);
      if (n.is(kind::real)) return n.d;
      if (n.is(kind::integer)) return static_cast<double>(n.i);
    }
    wrong(a, i, "float");
    return 0;
  }
  bool boolean(const arguments& a, std::size_t i) {
    if (a.v[i].is(kind::boolean)) return a.v[i].b;
    if (a.v[i].is(kind::integer)) return a.v[i].i != 0;
    wrong(a, i, "bool");
    return false;
  }
  bool none(const arguments& a, std::size_t i) const { return a.v[i].is(kind::none); }
  std::vector<std::int64_t> integers(const arguments& a, std::size_t i) {
    std::vector<std::int64_t> r;
    if (a.v[i].is(kind::integer))
      r.push_back(a.v[i].i);
    else if (!read_integers(a.v[i], r))
      wrong(a, i, "list of int");
    return r;
  }
  /// A list of two numbers for height and width; one number stands for both; none: `otherwise`.
  std::array<std::int32_t, 2> pair(const arguments& a, std::size_t i,
                                   std::array<std::int32_t, 2> otherwise) {
    const auto v = integers(a, i);
    if (v.empty()) return otherwise;
    if (v.size() > 2) wrong(a, i, "list of two int");
    return {small(a, i, v[0]), small(a, i, v.back())};
  }
  std::int32_t small(const arguments& a, std::size_t i, std::int64_t v) {
    if (v < INT32_MIN / 4 || v > INT32_MAX / 4) {
      c.invalid_here("argument " + std::to_string(i + 1) + " of " + a.name, std::to_string(v),
                     "a small integer");
      return 0;
    }
    return static_cast<std::int32_t>(v);
  }
  void wrong(const arguments& a, std::size_t i, std::string_view want) {
    c.unsupported_here("argument " + std::to_string(i + 1) + " of " + a.name,
                       std::string(torchscript::name_of(a.v[i].what)), std::string(want));
  }

  // ---- values ----
  /// IR extents of a value: logical extents, or with axis 1 moved to the end.
  dims ir_shape(const std::vector<std::int64_t>& size, bool channels_inner) {
    dims d;
    for (std::size_t i = 0; i < size.size(); ++i) {
      if (size[i] < 0 || size[i] > INT32_MAX)
        c.fail(errc::too_large, "extent of a tensor", std::to_string(size[i]));
      if (!(channels_inner && i == 1)) d.push_back(static_cast<std::int32_t>(size[i]));
    }
    if (channels_inner && size.size() > 1) d.push_back(static_cast<std::int32_t>(size[1]));
    if (d.elements().value > max_elements)
      c.fail(errc::too_large, "a tensor", to_string(d), "at most 2^31 - 1 elements");
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
  /// Position of logical axis i in the IR shape.
  static int ir_axis(int i, int rank, bool channels_inner) {
    return !channels_inner || rank < 3 || i == 0 ? i : i == 1 ? rank - 1 : i - 1;
  }

  /// A new tensor of the graph; its shape comes from the node that writes it.
  tensor_id make(scalar type, std::vector<double> scales = {},
                 std::vector<std::int32_t> zero_points = {}) {
    octet::tensor t;
    t.type = dtype_of_scalar(type);
    t.scales = std::move(scales);
    t.zero_points = std::move(zero_points);
    return c.g.add(std::move(t));
  }
  /// Adds a node and works out its outputs' shapes. False after an error.
  bool node(std::string_view op, std::vector<tensor_id> in, std::vector<tensor_id> out,
            attributes attrs = {}, rounding round = rounding::none) {
    if (c.failed()) return false;
    const op_def* def = find_operator(op);
    if (!def) {
      c.unsupported_here("operator " + operator_ + " needs " + std::string(op) +
                         ", which this build does not have");
      return false;
    }
    for (tensor_id t : in)
      if (t == no_tensor && def->min_inputs > 0 && &t == in.data()) return false;
    octet::node& n =
        c.g.add_node(*def, (c.module.empty() ? std::string() : c.module + " ") + operator_,
                     std::move(in), std::move(out), std::move(attrs), round);
    return c.check(infer_shapes(c.g, n));
  }
  /// The value behind a graph tensor. `channels_last`: the memory format PyTorch gives the result.
  value wrap(tensor_id id, scalar type, bool channels_inner, bool channels_last) {
    if (c.failed()) return value::unknown();
    const octet::tensor& from = c.g[id];
    tensor_data t;
    t.type = type;
    t.size = logical_size(from.shape, channels_inner);
    t.stride = channels_last ? channels_last_strides(t.size) : contiguous_strides(t.size);
    t.scales = from.scales;
    t.zero_points = from.zero_points;
    t.axis = from.axis;
    t.id = id;
    t.channels_inner = channels_inner;
    c.g[id].format =
        channels_last && t.rank() == 4 ? memory_format::channels_last : memory_format::contiguous;
    return c.values.tensor(std::move(t));
  }

  /// The graph tensor that holds `t` in the layout asked for; transposes are inserted once per
  /// value. Constants are added to the graph.
  tensor_id held(tensor_data& t, bool channels_inner) {
    if (t.rank() < 3) channels_inner = false;
    if (c.failed()) return no_tensor;
    if (t.constant()) return constant(t, channels_inner);
    if (t.channels_inner == channels_inner) return t.id;
    const auto key = std::pair(t.id, channels_inner);
    if (const auto it = layouts_.find(key); it != layouts_.end()) return it->second;
    const tensor_id to = c.g.add(octet::tensor());
    octet::tensor& n = c.g[to];
    const octet::tensor& from = c.g[t.id];
    n.type = from.type;
    n.scales = from.scales;
    n.zero_points = from.zero_points;
    n.name = from.name.empty()
                 ? std::string()
                 : from.name + (channels_inner ? "/channels_inner" : "/channels_outer");
    const int rank = t.rank();
    std::int64_t inner = 1;
    for (int i = 2; i < rank; ++i) inner *= t.size[static_cast<std::size_t>(i)];
    attributes a;
    if (t.size[1] == 1 || inner == 1) {  // one channel or one pixel: the same order
      const dims shape = ir_shape(t.size, channels_inner);
      a.set("shape", std::vector<std::int64_t>(shape.begin(), shape.end()));
      node("reshape", {t.id}, {to}, std::move(a));
    } else {
      std::vector<std::int64_t> perm{0};
      if (channels_inner) {
        for (int i = 2; i < rank; ++i) perm.push_back(i);
        perm.push_back(1);
      } else {
        perm.push_back(rank - 1);
        for (int i = 1; i + 1 < rank; ++i) perm.push_back(i);
      }
      transpose(t.id, to, perm);
    }
    layouts_[key] = to;
    layouts_[std::pair(to, !channels_inner)] = t.id;
    return c.failed() ? no_tensor : to;
  }
  bool transpose(tensor_id from, tensor_id to, const std::vector<std::int64_t>& perm) {
    attributes a;
    a.set("perm", perm);
    return node("transpose", {from}, {to}, std::move(a));
  }
  /// Constants of the file as constants of the graph.
  tensor_id constant(tensor_data& t, bool channels_inner) {
    const auto key = std::pair(static_cast<const tensor_data*>(&t), channels_inner);
    if (const auto it = constants_.find(key); it != constants_.end()) return it->second;
    if (!c.resolve_channels(t)) return no_tensor;
    int order[dims::max_rank];
    for (int i = 0; i < t.rank(); ++i) order[ir_axis(i, t.rank(), channels_inner)] = i;
    const tensor_id id =
        c.g.add_constant("", dtype_of_scalar(t.type), ir_shape(t.size, channels_inner),
                         c.elements(t, std::span<const int>(order, t.size.size())));
    octet::tensor& n = c.g[id];
    n.scales = t.scales;
    n.zero_points = t.zero_points;
    if (t.scales.size() > 1) n.axis = ir_axis(t.axis, t.rank(), channels_inner);
    constants_[key] = id;
    return c.failed() ? no_tensor : id;
  }
  template <class T> tensor_id constant_of(std::string name, const std::vector<T>& v) {
    return c.g.add_constant(std::move(name), dtype_of<T>, dims{static_cast<std::int32_t>(v.size())},
                            constant_data::of(std::span<const T>(v)));
  }

  /// A quantized value with one scale, or an error.
  bool per_tensor(const tensor_data& t, std::string_view what = "input") {
    if (is_quantized(t.type) && t.scales.size() == 1 &&
        (t.type == scalar::quint8 || t.type == scalar::qint8))
      return true;
    c.unsupported_here(std::string(what) + " of " + operator_,
                       std::string(torchscript::name_of(t.type)), "quint8 or qint8 with one scale");
    return false;
  }
  bool quantized(const tensor_data& t) const { return is_quantized(t.type); }
  bool qnnpack() const { return c.arithmetic == law::pytorch_qnnpack; }
  const std::string& operator_name() const { return operator_; }

  // ---- names ----
  /// Tensors are called as the program calls them: the path of the module that returned them, else
  /// module path and variable.
  void name_value(const value& v, const std::string& module, const std::string& variable) {
    if (v.is(kind::tensor) && !v.t->constant() && c.g[v.t->id].name.empty())
      c.g[v.t->id].name = unique(module.empty() ? variable : module + "." + variable);
  }
  void name_result(const value& v, const std::string& module) {
    if (!v.is(kind::tensor) || v.t->constant() || module.empty() ||
        !by_module_.insert(v.t->id).second)
      return;
    c.g[v.t->id].name = unique(module);
  }
  void protect_name(tensor_id t) { by_module_.insert(t); }

 private:
  std::string unique(std::string name) {
    const int n = names_[name]++;
    return n == 0 ? name : name + "#" + std::to_string(n + 1);
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
      default: return {};
    }
  }

  std::span<const torch_row> rows_;
  std::string operator_;  // "quantized::conv2d #12"
  int count_ = 0;
  std::map<std::pair<tensor_id, bool>, tensor_id> layouts_;
  std::map<std::pair<const tensor_data*, bool>, tensor_id> constants_;
  std::set<tensor_id> by_module_;
  std::map<std::string, int> names_;
  std::map<std::string_view, const function_def*> schemas_;
  std::deque<std::string> schema_text_;
  std::deque<code_file> schema_files_;
};

}  // namespace torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_EMIT_HPP_
