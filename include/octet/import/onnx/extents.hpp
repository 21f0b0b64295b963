// Shapes of a file's values as far as they follow before the shapes of its inputs are given: ONNX
// Runtime's graph passes ask what the file itself says.
#ifndef OCTET_IMPORT_ONNX_EXTENTS_HPP_
#define OCTET_IMPORT_ONNX_EXTENTS_HPP_

#include <algorithm>
#include <set>

#include "octet/import/onnx/shape_lists.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

/// An extent: a number, or a name; none: not known.
struct extent {
  std::int64_t number = -1;
  std::string symbol;
  bool known() const { return number >= 0 || !symbol.empty(); }
  bool operator==(const extent&) const = default;
};
using extent_list = std::vector<extent>;

class known_shapes {
 public:
  explicit known_shapes(const model& m) : model_(m), lists_(m) {
    for (const auto* list : {&m.inputs, &m.outputs, &m.between})
      for (const value_info& v : *list)
        if (v.has_shape && v.extents.size() <= dims::max_rank)
          shapes_.emplace(v.name, extents_of(v));
  }
  const extent_list* find(const std::string& name) {
    if (const auto it = shapes_.find(name); it != shapes_.end()) return &it->second;
    const array* a = constant(name);
    if (!a) return nullptr;
    extent_list e;
    for (std::int32_t n : a->shape) e.push_back({n, {}});
    return &shapes_.emplace(name, std::move(e)).first->second;
  }
  void set(const std::string& name, extent_list e) { shapes_.insert_or_assign(name, std::move(e)); }
  /// Where `from` is `to` transposed by `perm`: what follows for `to` (which may be the same name).
  void set_before(const std::string& from, const std::string& to,
                  const std::vector<std::int64_t>& perm) {
    const extent_list* e = find(from);
    if (!e || e->size() != perm.size()) return;
    extent_list own(perm.size());
    for (std::size_t k = 0; k < perm.size(); ++k) own[as_size(perm[k])] = (*e)[k];
    set(to, std::move(own));
  }
  /// Of a value that nodes compute of shapes alone: its elements, where it has one axis or none.
  std::optional<array> computed(const std::string& name) {
    const auto list = integers_.find(name);
    const extent_list* e = find(name);
    if (list == integers_.end() || !e || e->size() > 1) return {};
    const auto count = static_cast<std::int64_t>(list->second.size());
    if (count != (e->empty() ? 1 : (*e)[0].number)) return {};
    dims shape;
    if (!e->empty()) shape.push_back(static_cast<std::int32_t>(count));
    return array::of(std::span<const std::int64_t>(list->second), shape);
  }
  /// What follows for a node's results; nodes come in an order in which they can run.
  void follow(const node& n) {
    if (n.out.empty()) return;
    if (auto list = integers_of(n)) integers_.emplace(n.out[0], std::move(*list));
    for (std::size_t k = 1; n.is("DynamicQuantizeLinear") && k < n.out.size(); ++k)
      if (!n.out[k].empty()) shapes_.emplace(n.out[k], extent_list());  // scale, zero point
    if (shapes_.contains(n.out[0])) return;
    if (n.is("Split")) return follow_split(n);
    if (n.is("GRU") || n.is("RNN") || n.op.ends_with("LSTM")) return follow_recurrent(n);
    if (auto e = result_of(n)) shapes_.emplace(n.out[0], std::move(*e));
  }

 private:
  const array* constant(const std::string& name) const {
    const auto it = model_.constants.find(name);
    return name.empty() || it == model_.constants.end() ? nullptr : &it->second;
  }
  static extent_list extents_of(const value_info& v) {
    extent_list e;
    for (std::size_t k = 0; k < v.extents.size(); ++k)
      e.push_back({v.extents[k], v.extents[k] >= 0 ? std::string() : v.symbols[k]});
    return e;
  }
  static bool keeps_shape(const node& n) {
    static const std::set<std::string_view> same{"Abs",
                                                 "BatchNormalization",
                                                 "BiasGelu",
                                                 "Cast",
                                                 "Ceil",
                                                 "Celu",
                                                 "Clip",
                                                 "Cos",
                                                 "CumSum",
                                                 "DequantizeLinear",
                                                 "Dropout",
                                                 "DynamicQuantizeLinear",
                                                 "Elu",
                                                 "Erf",
                                                 "Exp",
                                                 "FastGelu",
                                                 "Floor",
                                                 "Gelu",
                                                 "GroupNormalization",
                                                 "HardSigmoid",
                                                 "HardSwish",
                                                 "Identity",
                                                 "InstanceNormalization",
                                                 "LRN",
                                                 "LayerNormalization",
                                                 "LeakyRelu",
                                                 "Log",
                                                 "LogSoftmax",
                                                 "Mish",
                                                 "Neg",
                                                 "Not",
                                                 "PRelu",
                                                 "QLinearLeakyRelu",
                                                 "QLinearSigmoid",
                                                 "QLinearSoftmax",
                                                 "QuantizeLinear",
                                                 "QuickGelu",
                                                 "RMSNormalization",
                                                 "Reciprocal",
                                                 "Relu",
                                                 "Round",
                                                 "Selu",
                                                 "Sigmoid",
                                                 "Sign",
                                                 "SimplifiedLayerNormalization",
                                                 "Sin",
                                                 "SkipLayerNormalization",
                                                 "Softmax",
                                                 "Softplus",
                                                 "Softsign",
                                                 "Sqrt",
                                                 "Swish",
                                                 "Tanh",
                                                 "ThresholdedRelu",
                                                 "Trilu"};
    return same.contains(n.op);
  }
  std::optional<extent_list> result_of(const node& n) {
    static const std::set<std::string_view> pairs{
        "Add",  "And",         "Div",        "Equal", "Greater",    "GreaterOrEqual",
        "Less", "LessOrEqual", "Max",        "Min",   "Mod",        "Mul",
        "Or",   "Pow",         "QLinearAdd", "Sub",   "QLinearMul", "Where",
        "Xor",  "QLinearWhere"};
    static const std::set<std::string_view> products{"MatMul", "MatMulInteger", "FusedMatMul",
                                                     "MatMulIntegerToFloat", "QLinearMatMul"};
    const extent_list* a = find(n.input(0));
    if (a && keeps_shape(n)) return *a;
    if (n.op == "Reshape") return reshaped(n, a);
    if (n.op == "Flatten") return a ? flattened(n, *a) : extent_list(2);  // a matrix anyway
    if (n.op == "Concat" || n.op == "QLinearConcat") return concatenated(n);
    if (pairs.contains(n.op)) return broadcast(n);
    if (!a) return {};
    if (n.is("Shape"))
      return n.find("start") || n.find("end")
                 ? std::nullopt
                 : std::optional(extent_list{{static_cast<std::int64_t>(a->size()), {}}});
    if (n.op == "Transpose") return transposed(n, *a);
    if (n.op == "Unsqueeze") return unsqueezed(n, *a);
    if (n.op == "Squeeze") return squeezed(n, *a);
    if (n.op.ends_with("GlobalAveragePool") || n.op == "GlobalMaxPool")
      return a->size() > 2 && n.integer("channels_last", 0) == 0 ? std::optional(pooled(*a))
                                                                 : std::nullopt;
    if (n.op.starts_with("Reduce") || n.op == "ArgMax" || n.op == "ArgMin") return reduced(n, *a);
    if (n.op == "Slice") return sliced(n, *a);
    if (n.op == "Pad") return padded(n, *a);
    if (n.op == "Expand") return expanded(n, *a);
    if (n.op == "Resize") return resized(n, *a);
    if (n.op == "DepthToSpace" || n.op == "SpaceToDepth") return exchanged(n, *a);
    if (n.op == "MaxPool" || n.op == "AveragePool" || n.op == "QLinearAveragePool")
      return windows_of(n, *a, nullptr);
    // The second operand of a quantized product or layer stands behind the first's parameters.
    const extent_list* b = find(n.input(n.op.starts_with("QLinear") ? 3 : 1));
    if (!b) return {};
    if (n.op == "Conv" || n.op == "ConvInteger" || n.op == "QLinearConv")
      return windows_of(n, *a, b);
    if (n.op == "ConvTranspose") return spread(n, *a, *b);
    if (n.op == "Gather") return gathered(n, *a, *b);
    if (n.op == "Gemm") return gemm(n, *a, *b);
    return products.contains(n.op) ? product(n, *a, *b) : std::nullopt;
  }
  static std::optional<extent_list> product(const node& n, const extent_list& a,
                                            const extent_list& b) {
    if (a.size() < 2 || b.size() < 2 || n.integer("transA", 0) != 0 || n.integer("transB", 0) != 0)
      return {};
    extent_list e = broadcast_extents({a.begin(), a.end() - 2}, {b.begin(), b.end() - 2});
    e.push_back(a[a.size() - 2]);
    e.push_back(b.back());
    return e;
  }
  static std::optional<extent_list> gemm(const node& n, const extent_list& a,
                                         const extent_list& b) {
    if (a.size() != 2 || b.size() != 2) return {};
    return extent_list{a[n.integer("transA", 0) != 0 ? 1 : 0],
                       b[n.integer("transB", 0) != 0 ? 0 : 1]};
  }
  /// As many axes as a constant says, or a list as ReshapeFusion makes it, which are known where it
  /// names them; one of the rest follows from the number of elements that are not copied.
  std::optional<extent_list> reshaped(const node& n, const extent_list* x) {
    auto target = integers(n.input(1));
    if (!target) target = fused_target(n, x);
    if (!target || target->size() > dims::max_rank) return {};
    const std::vector<std::int64_t>& list = *target;
    extent_list e, given, wanted;
    const bool zero_copies = n.integer("allowzero", 0) == 0;
    std::vector<bool> copied(x ? x->size() : 0, false);
    for (const std::int64_t v : list)
      if (v == 0 && zero_copies && x && e.size() < x->size()) {
        copied[e.size()] = true;
        e.push_back((*x)[e.size()]);
      } else {
        e.push_back({v > 0 ? v : -1, {}});
        wanted.push_back(v == -1 ? extent{1, {}} : e.back());
      }
    const auto open = std::find(list.begin(), list.end(), std::int64_t{-1});
    if (open == list.end() || !x) return e;
    for (std::size_t k = 0; k < x->size(); ++k)
      if (!copied[k]) given.push_back((*x)[k]);
    extent& rest = e[static_cast<std::size_t>(open - list.begin())];
    const auto all = elements(given), others = elements(wanted);
    rest.number = all && others && *others > 0 && *all % *others == 0 ? *all / *others : -1;
    return e;
  }
  /// ReshapeFusion: an extent of what is reshaped, or one that is known to be the same, is copied
  /// to its place; one other may follow from the rest.
  std::optional<std::vector<std::int64_t>> fused_target(const node& n, const extent_list* x) {
    const auto list = lists_.find(n.input(1));
    if (!list) return {};
    std::vector<std::int64_t> target;
    for (const shape_lists::element& e : *list) {
      const std::size_t place = target.size();
      bool copies = e.computed && e.index == static_cast<std::int64_t>(place);
      if (copies && e.of != n.input(0)) {
        const extent_list* other = find(e.of);
        copies = other && x && place < other->size() && place < x->size() &&
                 (*other)[place].known() && (*other)[place] == (*x)[place];
      }
      target.push_back(copies ? 0 : e.computed ? -1 : e.number);
    }
    if (std::count(target.begin(), target.end(), std::int64_t{-1}) > 1) return {};
    return target;
  }
  /// Of numbers alone.
  static std::optional<std::int64_t> elements(const extent_list& x) {
    std::int64_t n = 1;
    for (const extent& e : x) {
      if (e.number < 0 || (e.number > 0 && n > INT64_MAX / e.number)) return {};
      n *= e.number;
    }
    return n;
  }
  static std::optional<extent_list> transposed(const node& n, const extent_list& x) {
    extent_list e(x.rbegin(), x.rend());
    const attribute* perm = n.find("perm");
    if (!perm) return e;
    if (perm->integers.size() != x.size()) return {};
    for (std::size_t k = 0; k < x.size(); ++k) {
      const std::int64_t from = perm->integers[k];
      if (from < 0 || as_size(from) >= x.size()) return {};
      e[k] = x[as_size(from)];
    }
    return e;
  }
  static std::optional<extent_list> flattened(const node& n, const extent_list& x) {
    std::int64_t axis = n.integer("axis", 1);
    if (axis < 0) axis += static_cast<std::int64_t>(x.size());
    if (axis < 0 || as_size(axis) > x.size()) return {};
    const auto middle = x.begin() + axis;
    const auto joined = [](extent_list part) {
      if (part.size() == 1) return part[0];
      return extent{elements(part).value_or(-1), {}};
    };
    return extent_list{joined({x.begin(), middle}), joined({middle, x.end()})};
  }
  std::optional<std::vector<std::int64_t>> axes_of(const node& n) const {
    if (const attribute* a = n.find("axes")) return a->integers;
    return integers(n.input(1));
  }
  std::optional<extent_list> unsqueezed(const node& n, const extent_list& x) const {
    auto axes = axes_of(n);
    if (!axes || axes->size() + x.size() > dims::max_rank) return {};
    const std::size_t rank = axes->size() + x.size();
    for (std::int64_t& a : *axes)
      if (a < 0) a += static_cast<std::int64_t>(rank);
    std::sort(axes->begin(), axes->end());
    extent_list e = x;
    for (const std::int64_t a : *axes) {
      if (a < 0 || as_size(a) > e.size()) return {};
      e.insert(e.begin() + a, extent{1, {}});
    }
    return e;
  }
  std::optional<extent_list> squeezed(const node& n, const extent_list& x) const {
    const auto axes = axes_of(n);
    if (!axes) return {};
    std::set<std::int64_t> gone;
    for (const std::int64_t a : *axes)
      gone.insert(a < 0 ? a + static_cast<std::int64_t>(x.size()) : a);
    extent_list e;
    for (std::size_t k = 0; k < x.size(); ++k)
      if (!gone.contains(static_cast<std::int64_t>(k))) e.push_back(x[k]);
    return e;
  }
  static extent_list pooled(extent_list x) {
    for (std::size_t k = 2; k < x.size(); ++k) x[k] = {1, {}};
    return x;
  }
  /// Extents that meet: numbers but 1 stand, one name stands beside 1, two names are neither.
  static extent_list broadcast_extents(const extent_list& a, const extent_list& b) {
    const extent_list &longer = a.size() >= b.size() ? a : b,
                      &shorter = a.size() >= b.size() ? b : a;
    extent_list e = longer;
    for (std::size_t k = 0; k < shorter.size(); ++k) {
      extent& to = e[longer.size() - shorter.size() + k];
      const extent& other = shorter[k];
      if (other.number == 1 || other == to) continue;
      if (to.number == 1 || other.number > 1)
        to = other;
      else if (to.number < 0)
        to = {};
    }
    return e;
  }

  std::optional<extent_list> broadcast(const node& n) {
    static constexpr std::size_t condition[] = {0, 1, 2}, coded[] = {0, 3}, chosen[] = {0, 1, 4};
    std::vector<std::size_t> operands;
    for (std::size_t k = 0; k < n.in.size(); ++k) operands.push_back(k);
    if (n.op == "Where") operands.assign(std::begin(condition), std::end(condition));
    if (n.op == "QLinearWhere") operands.assign(std::begin(chosen), std::end(chosen));
    if (n.op == "QLinearAdd" || n.op == "QLinearMul")
      operands.assign(std::begin(coded), std::end(coded));
    std::optional<extent_list> all;
    for (const std::size_t k : operands) {
      const extent_list* e = find(n.input(k));
      if (!e) return {};
      all = all ? broadcast_extents(*all, *e) : *e;
    }
    return all;
  }

  // ---- windows, parts, sums ----

  static std::int64_t at(const std::vector<std::int64_t>& list, std::size_t k,
                         std::int64_t otherwise) {
    return k < list.size() ? list[k] : otherwise;
  }
  static std::vector<std::int64_t> listed(const node& n, const char* key) {
    const attribute* a = n.find(key);
    return a ? a->integers : std::vector<std::int64_t>();
  }
  /// How often a window fits; none: not known, or not as it must be.
  static extent steps_of(std::int64_t in, std::int64_t window, std::int64_t stride,
                         std::int64_t before, std::int64_t after, bool ceil) {
    constexpr std::int64_t most = INT32_MAX;
    for (const std::int64_t v : {in, window, stride, before, after})
      if (v < 0 || v > most) return {};
    const std::int64_t room = in + before + after - window;
    if (room < 0 || stride == 0) return {};
    std::int64_t steps = (room + (ceil ? stride - 1 : 0)) / stride + 1;
    if (ceil && (steps - 1) * stride >= in + before) --steps;  // one that lies in the padding
    return {steps, {}};
  }
  /// Of a convolution, whose weights are `w`, or of a pool.
  static std::optional<extent_list> windows_of(const node& n, const extent_list& x,
                                               const extent_list* w) {
    if (x.size() < 3 || (w && w->size() != x.size()) || n.integer("channels_last", 0) != 0)
      return {};
    const auto kernel = listed(n, "kernel_shape"), strides = listed(n, "strides"),
               pads = listed(n, "pads"), dilations = listed(n, "dilations");
    const attribute* automatic = n.find("auto_pad");
    const std::string pad = automatic ? automatic->text.value_or("NOTSET") : "NOTSET";
    extent_list e{x[0], w ? (*w)[0] : x[1]};
    const std::size_t axes = x.size() - 2;
    for (std::size_t k = 0; k < axes; ++k) {
      const std::int64_t in = x[k + 2].number, stride = at(strides, k, 1),
                         taps = at(kernel, k, w ? (*w)[k + 2].number : -1),
                         dilation = at(dilations, k, 1);
      if (taps < 1 || taps > INT32_MAX || dilation < 1 || dilation > INT32_MAX) return {};
      const std::int64_t window = (taps - 1) * dilation + 1;
      if (pad.starts_with("SAME")) {
        e.push_back(steps_of(in, 1, stride, 0, 0, false));
        continue;
      }
      const bool given = pad == "NOTSET";
      e.push_back(steps_of(in, window, stride, given ? at(pads, k, 0) : 0,
                           given ? at(pads, k + axes, 0) : 0, n.integer("ceil_mode", 0) != 0));
    }
    return e;
  }
  /// A product of two that may be large; less than 0: not known.
  static std::int64_t times(std::int64_t a, std::int64_t b) {
    return a < 0 || b < 0 || a > INT32_MAX || b > INT32_MAX ? -1 : a * b;
  }
  /// Of a transposed convolution with weights `w` and padding in numbers.
  static std::optional<extent_list> spread(const node& n, const extent_list& x,
                                           const extent_list& w) {
    if (x.size() < 3 || w.size() != x.size() || n.find("output_shape") || n.find("auto_pad"))
      return {};
    const auto strides = listed(n, "strides"), pads = listed(n, "pads"),
               dilations = listed(n, "dilations"), more = listed(n, "output_padding");
    extent_list e{x[0], {times(w[1].number, n.integer("group", 1)), {}}};
    const std::size_t axes = x.size() - 2;
    for (std::size_t k = 0; k < axes; ++k) {
      const std::int64_t in = times(x[k + 2].number - 1, at(strides, k, 1)),
                         taps = times(w[k + 2].number - 1, at(dilations, k, 1)),
                         after = at(more, k, 0), cut = at(pads, k, 0), end = at(pads, k + axes, 0);
      bool fits = in >= 0 && taps >= 0;
      for (const std::int64_t v : {after, cut, end}) fits = fits && v >= 0 && v <= INT32_MAX;
      e.push_back({fits ? std::max<std::int64_t>(in + after + taps + 1 - cut - end, -1) : -1, {}});
    }
    return e;
  }
  /// Of one block of rows and columns by channels, and back.
  static std::optional<extent_list> exchanged(const node& n, extent_list x) {
    const std::int64_t b = n.integer("blocksize", 0), area = times(b, b);
    if (x.size() != 4 || b < 1 || area < 0) return {};
    const bool down = n.op == "SpaceToDepth";
    const auto part = [](std::int64_t v, std::int64_t by) { return v < 0 ? -1 : v / by; };
    x[1] = {down ? times(x[1].number, area) : part(x[1].number, area), {}};
    for (std::size_t k : {2u, 3u}) x[k] = {down ? part(x[k].number, b) : times(x[k].number, b), {}};
    return x;
  }
  /// By sizes or by scales that are constants, of all axes.
  std::optional<extent_list> resized(const node& n, extent_list x) const {
    if (n.find("axes") || n.find("keep_aspect_ratio_policy")) return {};
    if (const auto sizes = integers(n.input(3)); sizes && sizes->size() == x.size()) {
      for (std::size_t k = 0; k < x.size(); ++k) x[k] = {(*sizes)[k], {}};
      return x;
    }
    const array* scales = constant(n.input(n.in.size() == 2 ? 1 : 2));
    if (!scales || scales->type != dtype::f32 || scales->elements() != x.size()) return {};
    for (std::size_t k = 0; k < x.size(); ++k) {
      const float by = scales->as<float>()[k];
      if (by == 1.f) continue;
      const bool fits = by > 0 && by <= 1024 && x[k].number >= 0 && x[k].number <= (1 << 20);
      x[k] = {fits ? static_cast<std::int64_t>(static_cast<float>(x[k].number) * by) : -1, {}};
    }
    return x;
  }
  /// All steps, and the last states.
  void follow_recurrent(const node& n) {
    const extent_list* x = find(n.input(0));
    const std::int64_t width = n.integer("hidden_size", -1);
    if (!x || x->size() != 3 || width < 1 || n.integer("layout", 0) != 0) return;
    const attribute* direction = n.find("direction");
    const bool both = direction && direction->text == "bidirectional";
    const extent d{both ? 2 : 1, {}}, h{width, {}};
    for (std::size_t k = 0; k < n.out.size() && k < 3; ++k)
      if (!n.out[k].empty())
        shapes_.emplace(n.out[k],
                        k == 0 ? extent_list{(*x)[0], d, (*x)[1], h} : extent_list{d, (*x)[1], h});
  }
  std::optional<extent_list> concatenated(const node& n) {
    const bool coded = n.op == "QLinearConcat";
    std::optional<extent_list> all;
    std::size_t axis = 0;
    for (std::size_t k = coded ? 2 : 0; k < n.in.size(); k += coded ? 3 : 1) {
      const extent_list* e = find(n.in[k]);
      if (!e || (all && e->size() != all->size())) return {};
      if (!all) {
        const std::int64_t a = n.integer("axis", 0), rank = static_cast<std::int64_t>(e->size());
        if (a < -rank || a >= rank) return {};
        axis = as_size(a < 0 ? a + rank : a);
        all = *e;
        continue;
      }
      extent& sum = (*all)[axis];
      const std::int64_t more = (*e)[axis].number;
      sum = sum.number < 0 || more < 0 || more > INT32_MAX || sum.number > INT32_MAX
                ? extent{}
                : extent{sum.number + more, {}};
      for (std::size_t i = 0; i < e->size(); ++i)
        if (i != axis && (!(*all)[i].known() || (*e)[i].number >= 0)) (*all)[i] = (*e)[i];
    }
    return all;
  }
  void follow_split(const node& n) {
    const extent_list* x = find(n.input(0));
    if (!x) return;
    const std::int64_t a = n.integer("axis", 0), rank = static_cast<std::int64_t>(x->size());
    if (a < -rank || a >= rank) return;
    const std::size_t axis = as_size(a < 0 ? a + rank : a);
    const auto sizes = n.find("split") ? std::optional(listed(n, "split")) : integers(n.input(1));
    const std::int64_t all = (*x)[axis].number, parts = static_cast<std::int64_t>(n.out.size());
    for (std::size_t k = 0; k < n.out.size(); ++k) {
      extent_list e = *x;
      const std::int64_t part = all < 0 ? -1 : (all + parts - 1) / parts;
      e[axis] = {
          sizes ? at(*sizes, k, -1) : std::min(part, all - part * static_cast<std::int64_t>(k)),
          {}};
      if (!n.out[k].empty()) shapes_.emplace(n.out[k], std::move(e));
    }
  }
  static std::optional<extent_list> gathered(const node& n, const extent_list& x,
                                             const extent_list& places) {
    const std::int64_t a = n.integer("axis", 0), rank = static_cast<std::int64_t>(x.size());
    if (a < -rank || a >= rank || x.size() + places.size() > dims::max_rank) return {};
    const auto axis = x.begin() + (a < 0 ? a + rank : a);
    extent_list e(x.begin(), axis);
    e.insert(e.end(), places.begin(), places.end());
    e.insert(e.end(), axis + 1, x.end());
    return e;
  }
  std::optional<extent_list> reduced(const node& n, const extent_list& x) const {
    const auto rank = static_cast<std::int64_t>(x.size());
    std::vector<std::int64_t> axes{n.integer("axis", 0)};
    if (n.op.starts_with("Reduce")) {
      const auto list = axes_of(n);
      if (!list && !n.input(1).empty()) return {};
      if ((!list || list->empty()) && n.integer("noop_with_empty_axes", 0) != 0) return {};
      axes = list.value_or(std::vector<std::int64_t>());
      for (std::int64_t k = 0; axes.empty() && k < rank; ++k) axes.push_back(k - rank);
    }
    std::vector<bool> gone(x.size(), false);
    for (const std::int64_t a : axes) {
      if (a < -rank || a >= rank) return {};
      gone[as_size(a < 0 ? a + rank : a)] = true;
    }
    extent_list e;
    for (std::size_t k = 0; k < x.size(); ++k)
      if (!gone[k])
        e.push_back(x[k]);
      else if (n.integer("keepdims", 1) != 0)
        e.push_back({1, {}});
    return e;
  }
  /// Of x, starts, ends, [axes], [steps]; before opset 10 attributes.
  std::optional<extent_list> sliced(const node& n, extent_list x) const {
    const auto list = [&](const char* key, std::size_t i) {
      return n.find(key) ? std::optional(listed(n, key)) : integers(n.input(i));
    };
    const auto from = list("starts", 1), to = list("ends", 2), axes = list("axes", 3),
               steps = list("steps", 4);
    if (!from || !to || (!axes && !n.input(3).empty()) || (!steps && !n.input(4).empty()))
      return {};
    const auto rank = static_cast<std::int64_t>(x.size());
    for (std::size_t k = 0; k < from->size(); ++k) {
      std::int64_t axis = axes ? at(*axes, k, rank) : static_cast<std::int64_t>(k);
      if (axis < 0) axis += rank;
      if (axis < 0 || axis >= rank) return {};
      extent& own = x[as_size(axis)];
      const std::int64_t all = own.number, step = steps ? at(*steps, k, 1) : 1;
      if (all < 0 || step == 0 || step == INT64_MIN) {
        own = {};
        continue;
      }
      const auto inside = [&](std::int64_t v, std::int64_t least, std::int64_t most) {
        return std::clamp(v < 0 ? v + all : v, least, most);
      };
      const std::int64_t back = step < 0 ? -1 : 0, first = inside((*from)[k], 0, all + back),
                         last = inside(at(*to, k, 0), back, all + back),
                         span = step > 0 ? last - first : first - last,
                         length = step > 0 ? step : -step;
      own = {span <= 0 ? 0 : (span - 1) / length + 1, {}};
    }
    return x;
  }
  std::optional<extent_list> padded(const node& n, extent_list x) const {
    const auto pads = n.find("pads") ? std::optional(listed(n, "pads")) : integers(n.input(1));
    if (!pads || pads->size() != 2 * x.size() || !n.input(3).empty()) return {};
    for (std::size_t k = 0; k < x.size(); ++k) {
      const std::int64_t before = (*pads)[k], after = (*pads)[k + x.size()];
      constexpr std::int64_t most = INT32_MAX;
      if (before == 0 && after == 0) continue;
      const bool fits = std::abs(before) <= most && std::abs(after) <= most && x[k].number >= 0 &&
                        x[k].number <= most;
      x[k] = {fits ? x[k].number + before + after : -1, {}};
    }
    return x;
  }
  std::optional<extent_list> expanded(const node& n, const extent_list& x) const {
    const auto to = integers(n.input(1));
    if (!to || to->size() > dims::max_rank) return {};
    extent_list e;
    for (const std::int64_t v : *to) e.push_back({v, {}});
    return broadcast_extents(x, e);
  }

  // ---- numbers that follow from shapes ----

  /// Of one axis or none: constants, and what ONNX Runtime computes of them and of shapes before
  /// it looks for chains.
  std::optional<std::vector<std::int64_t>> integers(const std::string& name) const {
    if (const auto it = integers_.find(name); it != integers_.end()) return it->second;
    const array* a = constant(name);
    if (!a || a->shape.rank > 1 || a->elements() > most_integers) return {};
    if (a->type == dtype::s64)
      return std::vector<std::int64_t>(a->as<std::int64_t>().begin(), a->as<std::int64_t>().end());
    if (a->type == dtype::s32)
      return std::vector<std::int64_t>(a->as<std::int32_t>().begin(), a->as<std::int32_t>().end());
    return {};
  }
  /// The same of int64 alone.
  std::optional<std::vector<std::int64_t>> long_integers(const std::string& name) const {
    const array* a = constant(name);
    return a && a->type != dtype::s64 ? std::nullopt : integers(name);
  }
  std::optional<std::vector<std::int64_t>> integers_of(const node& n) {
    if (n.is("Shape") && !n.find("start") && !n.find("end")) {
      const extent_list* x = find(n.input(0));
      std::vector<std::int64_t> list;
      for (std::size_t k = 0; x && k < x->size(); ++k) list.push_back((*x)[k].number);
      const bool all = x && std::ranges::none_of(list, [](std::int64_t v) { return v < 0; });
      return all ? std::optional(list) : std::nullopt;
    }
    if (n.is("Concat")) {
      std::vector<std::int64_t> all;
      for (const std::string& in : n.in) {
        const auto part = long_integers(in);
        if (!part || all.size() + part->size() > most_integers) return {};
        all.insert(all.end(), part->begin(), part->end());
      }
      return all;
    }
    const auto x = long_integers(n.input(0));
    if (!x) return {};
    if (n.is("Unsqueeze") || n.is("Squeeze") || n.is("Identity")) return x;
    if (n.is("Cast"))
      return n.integer("to", undefined_data_type) == data_type_code("INT64") ? x : std::nullopt;
    if (n.is("Gather")) {
      const auto places = integers(n.input(1));
      return places ? picked(*x, *places) : std::nullopt;
    }
    const auto y = long_integers(n.input(1));
    if (!y || x->size() != 1 || y->size() != 1) return {};
    const std::int64_t a = (*x)[0], b = (*y)[0];
    if (n.is("Mul") && times(a, b) >= 0) return std::vector<std::int64_t>{times(a, b)};
    if (n.is("Div") && a >= 0 && b > 0) return std::vector<std::int64_t>{a / b};
    return {};
  }
  static std::optional<std::vector<std::int64_t>> picked(const std::vector<std::int64_t>& x,
                                                         const std::vector<std::int64_t>& places) {
    std::vector<std::int64_t> list;
    const auto count = static_cast<std::int64_t>(x.size());
    for (const std::int64_t p : places) {
      if (p < -count || p >= count) return {};
      list.push_back(x[as_size(p < 0 ? p + count : p)]);
    }
    return list;
  }
  static constexpr std::size_t most_integers = 64;

  const model& model_;
  shape_lists lists_;
  std::map<std::string, extent_list> shapes_;  // what find() gives stays where it is
  std::map<std::string, std::vector<std::int64_t>> integers_;
};

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_EXTENTS_HPP_
