// What the rows of the MXNet loader work with: values of the file's graph, attributes of a node,
// ranges and the scales they stand for.
#ifndef OCTET_IMPORT_MXNET_EMIT_HPP_
#define OCTET_IMPORT_MXNET_EMIT_HPP_

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "octet/import/common/row_emitter.hpp"
#include "octet/import/mxnet/attributes.hpp"
#include "octet/import/mxnet/params.hpp"
#include "octet/ops/add.hpp"
#include "octet/ops/binary.hpp"
#include "octet/ops/concat.hpp"
#include "octet/ops/dequantize.hpp"
#include "octet/ops/float_layers.hpp"
#include "octet/ops/gather.hpp"
#include "octet/ops/movement.hpp"
#include "octet/ops/mul.hpp"
#include "octet/ops/norm.hpp"
#include "octet/ops/pad.hpp"
#include "octet/ops/pool2d.hpp"
#include "octet/ops/prelu.hpp"
#include "octet/ops/reduce.hpp"
#include "octet/ops/requantize_add.hpp"
#include "octet/ops/reshape.hpp"
#include "octet/ops/softmax.hpp"
#include "octet/ops/unary.hpp"

OCTET_NAMESPACE_BEGIN
namespace mxnet_model {

/// One value of the file's graph.
struct value {
  enum class kind : std::uint8_t { none, tensor, number, parameter };
  kind what = kind::none;
  tensor_id id = no_tensor;            // tensor
  bool channels_inner = false;         // tensor: axis 1 is the last one in the IR
  float number = 0;                    // one end of a range
  const params_array* data = nullptr;  // parameter
  std::string name;                    // parameter

  static value of(tensor_id id, bool channels_inner) {
    value v;
    v.what = kind::tensor;
    v.id = id;
    v.channels_inner = channels_inner;
    return v;
  }
  static value of(float number) {
    value v;
    v.what = kind::number;
    v.number = number;
    return v;
  }
  bool is(kind k) const noexcept { return what == k; }
};

/// (min, max): what travels with every quantized value. Zero points are 0 throughout.
struct range {
  float lo = 0, hi = 0;
  float largest() const { return std::max(std::fabs(lo), std::fabs(hi)); }
};

class emitter;
/// A node of the file while it is translated.
struct call {
  const symbol_node& node;
  std::vector<value> in;
  std::vector<value> out{};
};
struct mxnet_row {
  std::string_view name;
  void (*emit)(emitter&, call&);
  /// How many of its inputs are data. Those behind are the file's: weights, biases, statistics,
  /// ranges.
  std::size_t data_inputs = SIZE_MAX;
};

/// Rows call these.
class emitter : public import::row_emitter {
 public:
  emitter(import::graph_builder& b, std::int32_t version) : row_emitter(b), version_(version) {}

  // ---- attributes ----
  /// Each gives `otherwise` where the node does not carry the key, and an error where it is not
  /// such a value.
  bool boolean(const symbol_attributes& a, std::string_view key, bool otherwise) {
    return read(a, key, otherwise, &boolean_in, "True or False");
  }
  std::int64_t integer(const symbol_attributes& a, std::string_view key, std::int64_t otherwise) {
    return read(a, key, otherwise, &integer_in, "an integer");
  }
  float real(const symbol_attributes& a, std::string_view key, float otherwise) {
    const float v = read(a, key, otherwise, &real_in, "a number");
    if (!numerics::is_finite(v)) broken("attribute " + std::string(key), std::to_string(v));
    return v;
  }
  /// Where MXNet itself computes in binary64: epsilons.
  double wide_real(const symbol_attributes& a, std::string_view key, double otherwise) {
    const double v = read(a, key, otherwise, &wide_real_in, "a number");
    if (!numerics::is_finite(v)) broken("attribute " + std::string(key), std::to_string(v));
    return v;
  }
  std::vector<std::int64_t> integers(const symbol_attributes& a, std::string_view key) {
    return read(a, key, std::vector<std::int64_t>(), &integers_in, "a tuple of integers");
  }
  /// Empty where the node does not carry the key, or "None" stands there.
  std::vector<integer_or_none> integers_or_none(const symbol_attributes& a, std::string_view key) {
    if (text(a, key, "None") == "None") return {};
    return read(a, key, std::vector<integer_or_none>(), &integers_or_none_in,
                "a tuple of integers and None");
  }
  /// An axis of `rank`, which may count from the end; 0 after an error.
  int axis(std::string_view key, std::int64_t given, int rank) {
    if (!failed() && (given < -rank || given >= rank))
      broken("attribute " + std::string(key), std::to_string(given),
             "an axis of " + std::to_string(rank));
    return failed() ? 0 : static_cast<int>(given < 0 ? given + rank : given);
  }
  /// Axes of `rank`, no axis twice; none where the node does not carry the key, or "None" stands
  /// there.
  std::vector<int> axes(const symbol_attributes& a, std::string_view key, int rank) {
    std::vector<int> list;
    if (text(a, key, "None") == "None") return list;
    const auto given = integers(a, key);
    for (std::int64_t v : given) {
      const int at = axis(key, v, rank);
      if (failed()) return {};
      if (std::find(list.begin(), list.end(), at) != list.end()) {
        broken("attribute " + std::string(key), a.find(key)->second, "no axis twice");
        return {};
      }
      list.push_back(at);
    }
    return list;
  }
  /// Height and width, each in [lowest, 2^24].
  std::array<std::int32_t, 2> pair(const symbol_attributes& a, std::string_view key,
                                   std::int32_t otherwise, std::int32_t lowest) {
    const auto v = integers(a, key);
    if (v.empty()) return {otherwise, otherwise};
    std::array<std::int32_t, 2> p{otherwise, otherwise};
    if (v.size() != 2) {
      refuse("attribute " + std::string(key), std::to_string(v.size()) + " numbers",
             "height and width");
      return p;
    }
    for (std::size_t i = 0; i < 2; ++i) {
      if (v[i] < lowest || v[i] > 1 << 24) {
        broken("attribute " + std::string(key), std::to_string(v[i]));
        return p;
      }
      p[i] = static_cast<std::int32_t>(v[i]);
    }
    return p;
  }
  std::string_view text(const symbol_attributes& a, std::string_view key,
                        std::string_view otherwise) const {
    const auto it = a.find(key);
    return it == a.end() ? otherwise : std::string_view(it->second);
  }
  /// The calibrated range of a node's result.
  std::optional<range> calibration(const symbol_attributes& a) {
    if (text(a, "min_calib_range", "None") == "None" ||
        text(a, "max_calib_range", "None") == "None")
      return {};
    return range{real(a, "min_calib_range", 0), real(a, "max_calib_range", 0)};
  }
  /// The same where the range would be measured at run time otherwise.
  range calibrated(const symbol_attributes& a) {
    const auto r = calibration(a);
    if (!r && !failed())
      refuse("a range that is measured at run time", {},
             "min_calib_range and max_calib_range: quantize with calibration");
    return r.value_or(range{});
  }

  // ---- values ----
  dtype type(const value& v) const {
    return v.is(value::kind::tensor) ? to.g[v.id].type : v.data ? v.data->type : dtype::f32;
  }
  /// Extents in MXNet's order of axes.
  dims shape(const value& v) const {
    if (!v.is(value::kind::tensor)) return v.data ? v.data->shape : dims{};
    return outer_shape(v.id, v.channels_inner);
  }
  /// The graph's tensor in the layout asked for.
  tensor_id held(const value& v, bool channels_inner) {
    if (failed()) return no_tensor;
    if (v.is(value::kind::parameter)) {
      if (!has_data(v) || !copy(v)) return no_tensor;
      const tensor_id id = to.g.add_constant(v.name, v.data->type, v.data->shape,
                                             constant_data::copy(v.data->bytes));
      return held(value::of(id, false), channels_inner);
    }
    if (!v.is(value::kind::tensor)) {
      broken("an input that must be a tensor");
      return no_tensor;
    }
    return in_layout(v.id, v.channels_inner, channels_inner);
  }
  /// Floats, in either layout.
  bool is_real(const value& v) {
    if (type(v) == dtype::f32 && !v.is(value::kind::number)) return true;
    refuse("an input", std::string(name_of(type(v))), "float32");
    return false;
  }
  /// Elements of a parameter of type T; empty after an error.
  template <class T> std::vector<T> elements(const value& v) {
    if (failed()) return {};
    if (!v.is(value::kind::parameter)) {
      refuse("an input that is computed", {}, "parameters of the file");
      return {};
    }
    if (!has_data(v) || !copy(v)) return {};
    if (v.data->type != dtype_of<T>) {
      refuse("parameter " + v.name, std::string(name_of(v.data->type)),
             std::string(name_of(dtype_of<T>)));
      return {};
    }
    std::vector<T> e(v.data->bytes.size() / sizeof(T));
    if (!e.empty()) std::memcpy(e.data(), v.data->bytes.data(), e.size() * sizeof(T));
    if constexpr (std::is_floating_point_v<T>)
      for (T x : e)
        if (!numerics::is_finite(x)) {
          broken("parameter " + v.name + " has values that are not numbers");
          return {};
        }
    return e;
  }
  /// The same with one element per channel.
  template <class T> std::vector<T> elements(const value& v, std::size_t count) {
    auto e = elements<T>(v);
    if (!failed() && e.size() != count) {
      broken("elements of parameter " + v.name, std::to_string(e.size()), std::to_string(count));
      e.clear();
    }
    return e;
  }
  /// Two inputs: the ends of a range.
  range range_at(const call& c, std::size_t i) {
    range r;
    float* ends[] = {&r.lo, &r.hi};
    for (std::size_t k = 0; k < 2; ++k) {
      const value& v = c.in[i + k];
      if (v.is(value::kind::number)) {
        *ends[k] = v.number;
      } else if (const auto e = elements<float>(v, 1); !failed()) {
        *ends[k] = e[0];
      }
    }
    return r;
  }
  /// Exactly that many inputs.
  bool arity(const call& c, std::size_t inputs) {
    if (!failed() && c.in.size() != inputs)
      broken("number of inputs", std::to_string(c.in.size()), std::to_string(inputs));
    return !failed();
  }

  // ---- ranges and scales ----
  std::int32_t version() const noexcept { return version_; }
  /// The number of levels that MXNet divides the largest magnitude into. Version 1.6 added the
  /// halves.
  float levels(dtype t) {
    // Every MXNet that has quantized operators writes its version.
    if (version_ == 0)
      refuse("levels of a file that does not say which MXNet wrote it", "no mxnet_version",
             "attrs: {\"mxnet_version\": [\"int\", 10901]} in the file, or mxnet_options::version; "
             "10600 brought other levels");
    const float half = version_ >= 10600 ? 0.5f : 0.f;
    return (t == dtype::u8 ? 255.f : 127.f) + half;
  }
  /// MXNet's scale: levels per unit, binary32.
  float per_unit(dtype t, float largest) {
    return largest > 0 ? numerics::div(levels(t), largest) : 0x1p31f;
  }
  /// octet's: real value of a step, in binary64; numerics::levels_per_unit gives the former back.
  double step(dtype t, float largest) {
    return largest > 0 ? numerics::div(static_cast<double>(largest), static_cast<double>(levels(t)))
                       : 0x1p-31;
  }
  /// A new tensor of that range.
  tensor_id quantized(dtype t, const range& r) {
    return to.temporary("", t, {step(t, r.largest())}, {0});
  }
  /// A byte tensor with the scale that a node's range inputs give it.
  tensor_id with_range(const value& v, bool channels_inner, const range& r) {
    if (failed()) return no_tensor;
    if (!is_8bit(type(v))) {
      refuse("an input", std::string(name_of(type(v))), "int8 or uint8");
      return no_tensor;
    }
    return with_scale(held(v, channels_inner), step(type(v), r.largest()));
  }
  /// The tensor under another scale: the tensor itself where it is an accumulator that nobody has
  /// read yet, or an alias.
  tensor_id with_scale(tensor_id t, double scale) {
    if (failed() || (to.g[t].scales.size() == 1 && to.g[t].scales[0] == scale)) return t;
    if (!is_scale(scale)) {
      broken("ranges whose quotient is " + std::to_string(scale));
      return no_tensor;
    }
    octet::tensor& own = to.g[t];
    const bool free =
        !scaled_.contains(t) && own.role == octet::tensor::kind::value && own.type == dtype::s32;
    scaled_.insert(t);
    if (free) {
      const auto it = layers_.find(t);
      if (it != layers_.end()) {  // a layer's accumulator has the product of its operands' scales
        const operands& by = it->second;
        to.g[by.weights].scales.assign(1, numerics::div(scale, to.g[by.in].scales[0]));
        own.scales = to.accumulator_scales(to.decide(*by.op, {by.in, by.weights}, {t}, {}, {}),
                                           by.in, by.weights);
      } else {
        own.scales.assign(1, scale);
      }
      return t;
    }
    return alias(t, {scale}, {0});
  }

  /// `acc` = op(in, weights): where acc gets its scale, so do the weights.
  void layer(tensor_id acc, const op_def& op, tensor_id in, tensor_id weights) {
    layers_[acc] = {&op, in, weights};
  }

  // ---- nodes ----
  /// The results of a node: a quantized tensor and its range.
  void give(call& c, tensor_id id, bool channels_inner, const range& r) {
    if (failed()) return;
    c.out = {value::of(id, channels_inner), value::of(r.lo), value::of(r.hi)};
  }
  void give(call& c, tensor_id id, bool channels_inner) {
    if (!failed()) c.out = {value::of(id, channels_inner && to.g[id].shape.rank > 2)};
  }

 private:
  /// Every node that reads a parameter makes its own constant of it: a file must not name one large
  /// parameter in thousands of nodes.
  bool copy(const value& v) { return check(to.make_constant(v.data->bytes.size())); }
  bool has_data(const value& v) {
    if (v.data && !v.data->empty) return true;
    broken("parameter " + v.name + " is empty");
    return false;
  }
  template <class T>
  T read(const symbol_attributes& a, std::string_view key, T otherwise,
         std::optional<T> (*parse)(std::string_view), std::string_view kind) {
    const auto it = a.find(key);
    if (it == a.end()) return otherwise;
    if (auto v = parse(it->second)) return *v;
    fail(import::malformed("attribute " + std::string(key), it->second, std::string(kind)));
    return otherwise;
  }

  std::int32_t version_;
  std::set<tensor_id> scaled_;
  struct operands {
    const op_def* op = nullptr;
    tensor_id in = no_tensor, weights = no_tensor;
  };
  std::map<tensor_id, operands> layers_;
};

}  // namespace mxnet_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_MXNET_EMIT_HPP_
