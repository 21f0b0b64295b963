// What the rows of the ONNX loader work with: values of the file's graph, attributes of a node,
// scales and zero points.
#ifndef OCTET_IMPORT_ONNX_EMIT_HPP_
#define OCTET_IMPORT_ONNX_EMIT_HPP_

#include <cmath>
#include <functional>
#include <set>

#include "octet/import/common/row_emitter.hpp"
#include "octet/import/onnx/model.hpp"
#include "octet/ops/binary.hpp"
#include "octet/ops/dequantize.hpp"
#include "octet/ops/reshape.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

/// How a float16 value is there. ONNX Runtime's CPU computes in float32 and inserts casts; where
/// one of two casts that follow one another is its own, both go, and nothing is rounded between.
enum class half : std::uint8_t {
  no,        // any other type, or a float16 tensor
  computed,  // float32 numbers of an operator without a float16 kernel
  cast       // float32 numbers that the file casts
};
/// How ONNX Runtime holds a float image: blocks.hpp. The sums of some kernels follow it.
enum class channel_order : std::uint8_t {
  plain,    // as the file has it
  given,    // no node of the graph gives it: kernels of blocks take it
  blocked,  // in blocks of channels
  layer     // the same, a convolution's own result: its activation may become part of it
};
/// One value of the file's graph: an array of the file that no node has read yet, or a tensor.
struct value {
  tensor_id id = no_tensor;
  bool channels_inner = false;  // tensor: axis 1 is the last one in the IR
  const array* data = nullptr;
  std::string name;                                   // of the array
  std::shared_ptr<const std::vector<value>> items{};  // a sequence of values, nothing else
  half as_half = half::no;                            // not `no`: float16, rounded when it is held
  channel_order order = channel_order::plain;
  bool codes_last = false;  // codes that ONNX Runtime holds channels last: blocks.hpp

  static value of(tensor_id id, bool channels_inner = false) {
    value v;
    v.id = id;
    v.channels_inner = channels_inner;
    return v;
  }
  bool in_blocks() const noexcept {
    return order == channel_order::blocked || order == channel_order::layer;
  }
  bool given() const noexcept { return id != no_tensor || data != nullptr || items != nullptr; }
};

/// Scales and zero points as a node gives them; one, or one per index of `axis` (ONNX's).
struct quantization {
  std::vector<double> scales;
  std::vector<std::int32_t> zero_points;
  int axis = -1;
};

/// Tensors of a graph as a set.
class tensor_set {
 public:
  void insert(tensor_id t) {
    if (t < 0) return;
    if (as_size(t) >= in_.size()) in_.resize(as_size(t) + 1);
    in_[as_size(t)] = true;
  }
  bool contains(tensor_id t) const { return t >= 0 && as_size(t) < in_.size() && in_[as_size(t)]; }

 private:
  std::vector<bool> in_;
};

class emitter;
/// A node of the file while it is translated.
struct call {
  const node& n;
  std::vector<value> in;
  std::vector<value> out{};
  const value& input(std::size_t i) const {
    static const value none;
    return i < in.size() ? in[i] : none;
  }
  bool has(std::size_t i) const { return input(i).given(); }
};
struct onnx_row {
  std::string_view name, domain;
  void (*emit)(emitter&, call&);
  /// The opset of ai.onnx that brought the operator, or its rules for shapes that differ: ONNX
  /// Runtime knows none before.
  std::int64_t since = 1;
};

/// Rows call these.
class emitter : public import::row_emitter {
 public:
  emitter(import::graph_builder& b, std::int64_t opset_version)
      : row_emitter(b), opset(opset_version) {}
  const std::int64_t opset;  // NOLINT
  /// Runs the subgraphs of a node: the loader's.
  std::function<status(call&)> run_subgraphs;  // NOLINT
  /// Transposed constants: id + 1, by the constant.
  std::map<tensor_id, tensor_id> turned;  // NOLINT
  /// Matrices of uint8 ones, by rows and columns.
  std::map<std::pair<std::int32_t, std::int32_t>, tensor_id> ones;  // NOLINT

  // ---- attributes ----
  // Each gives `otherwise` where the node does not carry the key, and an error where it is of
  // another kind.
  void wrong_kind(const attribute& a, std::string_view key, attribute_kind wanted) {
    broken("attribute " + std::string(key), std::string(name_of(a.kind())),
           std::string(name_of(wanted)));
  }
  std::int64_t integer(const call& c, std::string_view key, std::int64_t otherwise) {
    const attribute* a = c.n.find(key);
    if (!a) return otherwise;
    if (!a->integer) wrong_kind(*a, key, attribute_kind::integer);
    return a->integer.value_or(otherwise);
  }
  float real(const call& c, std::string_view key, float otherwise) {
    const attribute* a = c.n.find(key);
    if (!a) return otherwise;
    if (!a->real) wrong_kind(*a, key, attribute_kind::real);
    const float v = a->real.value_or(otherwise);
    if (!numerics::is_finite(v)) broken("attribute " + std::string(key), std::to_string(v));
    return v;
  }
  std::string text(const call& c, std::string_view key, std::string otherwise) {
    const attribute* a = c.n.find(key);
    if (!a) return otherwise;
    if (!a->text) wrong_kind(*a, key, attribute_kind::text);
    return a->text.value_or(otherwise);
  }
  std::vector<std::int64_t> integers(const call& c, std::string_view key) {
    const attribute* a = c.n.find(key);
    if (!a) return {};
    if (!a->may_be(attribute_kind::integers)) wrong_kind(*a, key, attribute_kind::integers);
    return a->integers;
  }
  /// Between `least` and `most` inputs, the first `needed` of them given.
  bool arity(const call& c, std::size_t needed, std::size_t most) {
    if (failed()) return false;
    if (c.in.size() > most)
      broken("number of inputs", std::to_string(c.in.size()), "at most " + std::to_string(most));
    for (std::size_t i = 0; i < needed && !failed(); ++i)
      if (!c.has(i)) broken("input " + std::to_string(i), "absent", "a value");
    return !failed();
  }

  // ---- values ----
  /// The tensor of that number, to look at; of no_tensor, which is what there is after an error,
  /// one of extents of 1.
  const octet::tensor& tensor_of(tensor_id t) const {
    static const octet::tensor none = [] {
      octet::tensor n;
      n.shape = {1, 1, 1, 1, 1};
      return n;
    }();
    return t == no_tensor ? none : to.g[t];
  }
  dtype type(const value& v) const {
    if (v.as_half != half::no) return dtype::f16;
    return v.id != no_tensor ? to.g[v.id].type : v.data ? v.data->type : dtype::f32;
  }
  /// Extents in ONNX's order of axes.
  dims shape(const value& v) const {
    if (v.id == no_tensor) return v.data ? v.data->shape : dims{};
    return outer_shape(v.id, v.channels_inner);
  }
  int rank(const value& v) const { return shape(v).rank; }
  /// An axis that may be counted from the end; an error where there is none.
  int axis(std::int64_t a, int of_rank) {
    if (a < -of_rank || a >= of_rank) {
      broken("axis", std::to_string(a), "rank " + std::to_string(of_rank));
      return 0;
    }
    return static_cast<int>(a < 0 ? a + of_rank : a);
  }
  /// The same where the value is in the IR.
  std::int64_t axis_of(const value& v, int a) const {
    return import::axis_in_layout(a, rank(v), v.channels_inner);
  }
  /// The graph's tensor in the layout asked for.
  tensor_id held(const value& v, bool channels_inner) {
    if (failed() || !no_sequence(v)) return no_tensor;
    if (v.as_half != half::no)
      return held(value::of(once(rounded_, v.id, ops::cast, dtype::f16), v.channels_inner),
                  channels_inner);
    if (v.id == no_tensor && v.data) {
      auto& id = arrays_[v.data];
      if (id == 0) {
        if (!check(to.hold_constant(v.data->data.bytes.size()))) return no_tensor;
        id = to.g.add_constant(v.name, v.data->type, v.data->shape, v.data->data) + 1;
      }
      return held(value::of(id - 1), channels_inner);
    }
    if (v.id == no_tensor) {
      broken("an input that must be given");
      return no_tensor;
    }
    return in_layout(v.id, v.channels_inner, channels_inner);
  }
  /// In the layout it has.
  tensor_id held(const value& v) { return held(v, v.channels_inner); }
  /// float16 numbers as float32; `unrounded`: as they were before they became float16, where that
  /// is known. Other values are returned as they are.
  value as_float(const value& v, bool unrounded) {
    if (failed() || type(v) != dtype::f16) return v;
    if (unrounded && v.as_half != half::no) return value::of(v.id, v.channels_inner);
    const tensor_id x = held(v);
    return failed() ? v
                    : value::of(once(floats_, x, ops::dequantize, dtype::f32), v.channels_inner);
  }
  bool is_constant(const value& v) const {
    return v.data != nullptr || (v.id != no_tensor && to.g[v.id].role == tensor::kind::constant);
  }
  /// A constant's elements in ONNX's order; an error for values that are computed at run time.
  std::optional<array> constant(const value& v, const std::string& what) {
    if (failed() || !no_sequence(v)) return {};
    if (v.data) return *v.data;
    if (!is_constant(v)) {
      refuse(what + " that is computed at run time", {}, "constants");
      return {};
    }
    const tensor_id id = held(v, false);
    if (failed()) return {};
    return array{to.g[id].type, to.g[id].shape, to.g[id].data};
  }
  /// Constants of int32 or int64.
  std::vector<std::int64_t> constant_integers(const value& v, const std::string& what) {
    const auto a = constant(v, what);
    std::vector<std::int64_t> to_list;
    if (!a) return to_list;
    if (a->type == dtype::s64) {
      for (std::int64_t x : a->as<std::int64_t>()) to_list.push_back(x);
    } else if (a->type == dtype::s32) {
      for (std::int32_t x : a->as<std::int32_t>()) to_list.push_back(x);
    } else {
      broken("element type of " + what, std::string(name_of(a->type)), "int64");
    }
    return to_list;
  }
  std::vector<float> constant_floats(const value& v, const std::string& what) {
    const auto a = constant(v, what);
    if (!a) return {};
    if (a->type != dtype::f32) {
      refuse("element type of " + what, std::string(name_of(a->type)), "float32");
      return {};
    }
    const auto list = a->as<float>();
    for (float x : list)
      if (!numerics::is_finite(x)) {
        broken(what + " that is not finite");
        return {};
      }
    return {list.begin(), list.end()};
  }
  /// One number, in whatever shape.
  float constant_float(const value& v, const std::string& what) {
    const auto list = constant_floats(v, what);
    if (!failed() && list.size() != 1)
      broken("elements of " + what, std::to_string(list.size()), "1");
    return failed() ? 0.f : list[0];
  }
  /// Zero points: any 8- or 16-bit integers or int32.
  std::vector<std::int32_t> zero_points_of(const value& v) {
    std::vector<std::int32_t> z;
    const auto a = constant(v, "a zero point");
    if (!a) return z;
    const auto all = [&]<class T>(type_tag<T>) {
      for (T x : a->as<T>()) z.push_back(static_cast<std::int32_t>(x));
    };
    if (a->type == dtype::s64 || !with_integer(a->type, all))
      broken("element type of a zero point", std::string(name_of(a->type)));
    return z;
  }
  bool is_real(const value& v) {
    if (!v.given()) broken("an input", "absent", "float32");
    if (type(v) == dtype::f32) return !failed();
    refuse("an input", std::string(name_of(type(v))), "float32");
    return false;
  }
  bool is_byte(const value& v) {
    if (!v.given()) broken("an input", "absent", "uint8 or int8");
    if (is_8bit(type(v))) return true;
    refuse("an input", std::string(name_of(type(v))), "uint8 or int8");
    return false;
  }

  // ---- quantization ----
  /// Inputs i (scales) and i + 1 (zero points, may be absent: 0) of a node.
  quantization quantized_by(const call& c, std::size_t i, int quantized_axis = -1) {
    return quantized_by(c.input(i), c.input(i + 1), quantized_axis);
  }
  quantization quantized_by(const value& scale, const value& zero, int quantized_axis = -1) {
    quantization q;
    q.axis = quantized_axis;
    for (float s : constant_floats(scale, "a scale")) {
      if (!(s > 0)) broken("a scale", std::to_string(s), "a positive number");
      q.scales.push_back(static_cast<double>(s));
    }
    if (zero.given()) q.zero_points = zero_points_of(zero);
    if (failed()) return q;
    if (q.scales.empty()) broken("scales", "none");
    if (q.zero_points.empty()) q.zero_points.assign(1, 0);
    if (q.zero_points.size() != 1 && q.zero_points.size() != q.scales.size())
      broken("number of zero points", std::to_string(q.zero_points.size()),
             std::to_string(q.scales.size()));
    if (q.scales.size() == 1)
      q.axis = -1;
    else if (q.axis < 0)
      refuse("scales per channel here", std::to_string(q.scales.size()), "1");
    return q;
  }
  /// One scale for all.
  quantization with_one_scale(const call& c, std::size_t i) { return quantized_by(c, i); }
  void set(tensor_id t, const quantization& q, int ir_axis) {
    octet::tensor& own = to.g[t];
    own.scales = q.scales;
    own.zero_points = q.zero_points;
    own.axis = q.scales.size() > 1 ? ir_axis : -1;
  }
  /// A new tensor.
  tensor_id quantized(dtype t, const quantization& q, int ir_axis = -1) {
    const tensor_id id = to.temporary("", t);
    set(id, q, ir_axis);
    return id;
  }
  /// The value under a node's own scales: the tensor itself where it has the same or none that
  /// anybody has read, else an alias.
  tensor_id under(const value& v, bool channels_inner, const quantization& q) {
    const tensor_id t = held(v, channels_inner);
    if (failed()) return no_tensor;
    const int ir_axis =
        q.axis < 0 ? -1 : import::axis_in_layout(q.axis, to.g[t].shape.rank, channels_inner);
    octet::tensor& own = to.g[t];
    if (own.scales == q.scales && own.zero_points == q.zero_points && own.axis == ir_axis) return t;
    const bool unread = own.scales.empty() && !read_.contains(t) &&
                        (inputs_.contains(t) || own.role == tensor::kind::constant);
    read_.insert(t);
    if (unread) {
      set(t, q, ir_axis);
      return t;
    }
    return alias(t, q, ir_axis);
  }
  tensor_id alias(tensor_id t, const quantization& q, int ir_axis) {
    return row_emitter::alias(t, q.scales, q.zero_points, q.scales.size() > 1 ? ir_axis : -1);
  }
  void is_input(tensor_id t) { inputs_.insert(t); }

  // ---- nodes ----
  /// A constant that a row makes. A file must not make it do so with one large array in thousands
  /// of places.
  tensor_id new_constant(std::string name, dtype t, const dims& s,
                         std::span<const std::byte> bytes) {
    if (failed() || !check(to.make_constant(bytes.size()))) return no_tensor;
    return to.g.add_constant(std::move(name), t, s, constant_data::copy(bytes));
  }
  template <class T>
  tensor_id new_constant(std::string name, const dims& s, const std::vector<T>& list) {
    return new_constant(std::move(name), dtype_of<T>, s, std::as_bytes(std::span(list)));
  }
  /// A constant of equal elements; its size is looked at before memory for it is taken.
  template <class T> tensor_id filled(const dims& s, T value) {
    if (failed() || !check(verify_size(s, dtype_of<T>, to.max, "a constant"))) return no_tensor;
    return new_constant("", s, std::vector<T>(s.elements().value, value));
  }
  bool emit(const op_def& op, std::vector<tensor_id> in, std::vector<tensor_id> out,
            attributes a = {}) {
    if (failed()) return false;
    for (const tensor_id t : in) read_.insert(t);
    bool computed = &op == &ops::dequantize;
    if (computed && !to.g[in[0]].scales.empty()) from_codes_.insert(out[0]);
    for (const tensor_id t : in) computed |= dequantized_.contains(t);
    const std::vector<tensor_id> results = computed ? out : std::vector<tensor_id>();
    const bool done = row_emitter::emit(op, std::move(in), std::move(out), std::move(a));
    for (const tensor_id t : results)
      if (done && to.g[t].role == tensor::kind::constant) dequantized_.insert(t);
    return done;
  }
  /// A constant that follows from dequantized ones: ONNX Runtime computes it at every run.
  bool is_dequantized(tensor_id t) const { return dequantized_.contains(t); }
  /// The same of any other node's result.
  void computed_at_every_run(tensor_id t) {
    if (to.g[t].role == tensor::kind::constant) dequantized_.insert(t);
  }
  /// What dequantizes codes gave.
  bool is_from_codes(tensor_id t) const { return from_codes_.contains(t); }
  /// A node with one result of that type.
  tensor_id made(const op_def& op, std::vector<tensor_id> in, dtype t, attributes a = {}) {
    if (failed()) return no_tensor;
    const tensor_id y = to.temporary("", t);
    return emit(op, std::move(in), {y}, std::move(a)) ? y : no_tensor;
  }
  /// A node that moves the elements of one tensor: one scale goes with them.
  tensor_id moved(const op_def& op, tensor_id x, attributes a) {
    if (failed()) return no_tensor;
    const octet::tensor& t = to.g[x];
    const bool keeps = t.scales.size() <= 1;
    const tensor_id y = keeps ? to.like(x) : to.temporary("", t.type);
    return emit(op, {x}, {y}, std::move(a)) ? y : no_tensor;
  }
  /// The codes alone.
  tensor_id without_scales(tensor_id x) {
    return failed() || to.g[x].scales.empty() ? x : alias(x, {}, -1);
  }
  /// A node that puts elements of several tensors into one, as they are: where all have the same
  /// scale, it goes with them, else their codes alone do.
  tensor_id merged(const op_def& op, std::vector<tensor_id> in, attributes a = {},
                   std::size_t first = 0) {
    if (failed()) return no_tensor;
    const octet::tensor& t = to.g[in[first]];
    bool same = t.scales.size() <= 1;
    for (std::size_t i = first; i < in.size(); ++i)
      same &= to.g[in[i]].scales == t.scales && to.g[in[i]].zero_points == t.zero_points;
    if (!same)
      for (std::size_t i = first; i < in.size(); ++i) in[i] = without_scales(in[i]);
    if (failed()) return no_tensor;
    const tensor_id y = to.like(in[first]);
    return emit(op, std::move(in), {y}, std::move(a)) ? y : no_tensor;
  }
  tensor_id chosen(tensor_id condition, tensor_id yes, tensor_id no) {
    return merged(ops::select, {condition, yes, no}, {}, 1);
  }
  tensor_id reshaped(tensor_id x, const dims& s) {
    if (failed() || to.g[x].shape == s) return x;
    attributes a;
    a.set("shape", std::vector<std::int64_t>(s.begin(), s.end()));
    return moved(ops::reshape, x, std::move(a));
  }
  /// A layer's sums.
  tensor_id accumulate(const op_def& op, std::vector<tensor_id> in, attributes a,
                       std::vector<double> scales) {
    if (!failed())
      for (const tensor_id t : in) read_.insert(t);
    return row_emitter::accumulate(op, std::move(in), std::move(a), std::move(scales));
  }
  void give(call& c, tensor_id id, bool channels_inner) {
    if (!failed()) c.out = {value::of(id, channels_inner && to.g[id].shape.rank > 2)};
  }

  // ---- operands that meet element by element ----

  /// The layout for them: that of those of the largest rank.
  bool common_layout(const std::vector<value>& list) const {
    const int most = largest_rank(list);
    for (const value& v : list)
      if (most >= 3 && v.channels_inner && rank(v) == most) return true;
    return false;
  }
  int largest_rank(const std::vector<value>& list) const {
    int most = 0;
    for (const value& v : list) most = std::max(most, rank(v));
    return most;
  }
  /// As an operand of results of that rank and layout.
  tensor_id operand(const value& v, int of_rank, bool channels_inner) {
    if (failed()) return no_tensor;
    const dims s = shape(v);
    if (!channels_inner || s.rank == of_rank) return held(v, channels_inner);
    if (s.elements().value == 1) return reshaped(held(v, false), dims{});
    dims full;
    for (int i = s.rank; i < of_rank; ++i) full.push_back(1);
    for (std::int32_t e : s) full.push_back(e);
    return held(value::of(reshaped(held(v, false), full)), true);
  }

 private:
  /// That operator on x, made the first time.
  tensor_id once(std::map<tensor_id, tensor_id>& list, tensor_id x, const op_def& op, dtype t) {
    if (const auto it = list.find(x); it != list.end()) return it->second;
    const tensor_id y = made(op, {x}, t);
    if (!failed()) list.emplace(x, y);
    return y;
  }
  bool no_sequence(const value& v) {
    if (v.items)
      refuse("a sequence of tensors here", {}, "operators that take one out or join them");
    return !v.items;
  }

  std::map<const array*, tensor_id> arrays_;         // id + 1
  std::map<tensor_id, tensor_id> rounded_, floats_;  // to float16 and back
  tensor_set inputs_, read_, dequantized_, from_codes_;
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_EMIT_HPP_
