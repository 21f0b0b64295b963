// One operator on the caller's own memory, without a graph: the same preparation, the same kernels,
// the same bits.
#ifndef OCTET_DIRECT_CALL_HPP_
#define OCTET_DIRECT_CALL_HPP_

#include "octet/core/work_list.hpp"
#include "octet/graph/verify_values.hpp"
#include "octet/kernels/target.hpp"
#include "octet/laws/activation.hpp"
#include "octet/numerics/fp_env.hpp"
#include "octet/ops/by_law.hpp"
#include "octet/plan/prepare_step.hpp"

OCTET_COLD_NAMESPACE_BEGIN

/// Memory of the caller with its quantization; scale 0: plain numbers. `scales`: per channel along
/// `axis`, in place of scale.
struct quantized_view {
  const_tensor_view data;
  double scale = 0;
  std::int32_t zero_point = 0;
  std::span<const double> scales{};
  std::span<const std::int32_t> zero_points{};
  std::int32_t axis = -1;

  tensor_desc desc() const {
    tensor_desc d{data.type, data.shape, {}, {}, axis};
    if (!scales.empty())
      d.scales = scales, d.zero_points = zero_points;
    else if (scale != 0)
      d.scales = {&scale, 1}, d.zero_points = {&zero_point, 1};
    return d;
  }
};

namespace detail {

/// One operand of a direct call as verify() would look at a tensor of a graph.
OCTET_COLD inline status verify_view(const quantized_view& v, std::string_view what) {
  status s = verify_quantization(v.desc());
  if (s && v.scale == 0 && v.scales.empty() && v.zero_point != 0)
    s = invalid_of({"scale"}, {"none, and zero point ", v.zero_point}, {"a scale"});
  if (s) return s;
  error_info e = s.error();
  e.what = joined({e.what, " of ", what});
  return e;
}
/// Number, types and quantization of the operands of a direct call.
OCTET_COLD inline status verify_operands(const op_def& op, std::span<const quantized_view> in,
                                         std::span<const quantized_view> out, rounding round) {
  const auto count = static_cast<std::int32_t>(in.size());
  if (count < op.min_inputs || (op.max_inputs >= 0 && count > op.max_inputs))
    return invalid_of({"number of inputs of ", op.name}, {count},
                      {op.min_inputs, " to ", op.max_inputs});
  for (const auto* list : {&in, &out})
    for (std::size_t i = 0; i < list->size(); ++i) {
      const quantized_view& v = (*list)[i];
      const std::string what = name_of_operand(op, list == &in, i);
      if (auto s = verify_view(v, what); !s) return s;
      const bool absent = list == &in && v.data.data == nullptr;
      if (!absent && v.scale == 0 && v.scales.empty() &&
          needs_scale(op, round, v.data.type, list == &in ? std::optional(i) : std::nullopt))
        return no_scale(what);
    }
  return unit{};
}
/// The outputs have the shapes that the operator's rule gives them.
OCTET_COLD inline status verify_output_shapes(const op_def& op, const node_view& n) {
  if (!op.shape) return unit{};
  work_list<dims> shapes(n.out.size());
  if (auto s = op.shape(n, {shapes.begin(), n.out.size()}); !s) return s;
  for (std::size_t i = 0; i < n.out.size(); ++i)
    if (!(shapes[i] == n.out[i].shape))
      return invalid_of({"output shape of ", op.name}, {n.out[i].shape}, {shapes[i]});
  return unit{};
}

/// find() for the kernels of these operators, and of no others.
template <const op_def&... Ops> constexpr kernels::finder finder_of() {
  return kernels::finder_among<(kernels_of(Ops) | ...)>();
}
}  // namespace detail

namespace detail {
/// A direct call's attributes while what a law decides joins them: in the caller's memory.
struct attribute_setter {
  attribute* list;
  std::size_t size = 0;
  OCTET_COLD void operator()(std::string_view key, const attribute_value& v) {
    std::size_t i = 0;
    while (i < size && list[i].key != key) ++i;
    list[i] = {key, v};
    if (i == size) ++size;
  }
  std::span<const attribute> all() const { return {list, size}; }
};
/// Of set_decided and set_bounds, at most.
inline constexpr std::size_t decided_attributes = 4;

struct no_attributes {
  attribute list[decided_attributes];
  attribute_setter set{list};
};
/// Those of a struct of numbers: no heap, and no owner of strings to compile.
template <class A> struct plain_attributes {
  attribute list[A::fields.size() + decided_attributes];
  attribute_setter set{list};
  explicit plain_attributes(const A& a) {
    A::fields.each([&](const auto& f) {
      using T = std::remove_cvref_t<decltype(a.*f.member)>;
      using number = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;
      list[set.size++] = {f.name, static_cast<number>(a.*f.member)};
    });
  }
};
/// The attributes of an owner where they lie, and room for those that a law decides.
class listed_attributes {
 public:
  explicit listed_attributes(const attributes& a) : list_(a.entries().size() + decided_attributes) {
    const attribute_view from(a);
    for (; set_.size < from.size(); ++set_.size) list_[set_.size] = from[set_.size];
  }
  attribute_setter& set() { return set_; }

 private:
  work_list<attribute> list_;
  attribute_setter set_{list_.begin()};
};
}  // namespace detail

/// An operator prepared for one set of shapes, types and constants (weights are packed): make it
/// once, call it often. Keeps pointers to the constants.
class operator_call {
 public:
  /// `constant[i]`: input i is known now (weights, biases). Absent optional inputs: a view without
  /// data and shape {0}.
  /// `find`: which kernels a header-only file compiles for it.
  OCTET_COLD static result<operator_call> make(const op_def& op, std::span<const quantized_view> in,
                                               std::span<const bool> constant,
                                               std::span<const quantized_view> out,
                                               const attributes& attrs, rounding round, target on,
                                               kernels::finder find) {
    operator_call c;
    if (auto s = c.prepare(op, in, constant, out, detail::listed_attributes(attrs).set().all(),
                           round, on, find);
        !s)
      return s.error();
    return c;
  }
  /// An empty call, to prepare.
  operator_call() = default;
  /// What make() does, of attributes where they lie.
  OCTET_COLD status prepare(const op_def& op, std::span<const quantized_view> in,
                            std::span<const bool> constant, std::span<const quantized_view> out,
                            std::span<const attribute> attrs, rounding round, target on,
                            kernels::finder find) {
    const numerics::exact_environment environment;
    if (on == target::automatic) on = best_target();
    if (!can_run(on))
      return unsupported("target", name_of(on), "a target of this build that this CPU can run");
    if (auto s = detail::verify_operands(op, in, out, round); !s) return s;
    detail::work_list<tensor_desc> descs(in.size() + out.size());
    detail::work_list<std::span<const std::byte>> constants(in.size());
    // Which inputs are there, and which attributes are read.
    detail::work_list<bool> flags(in.size() + attrs.size());
    bool *const given = flags.begin(), *const known_attributes = given + in.size();
    for (std::size_t i = 0; i < in.size(); ++i) {
      given[i] = in[i].data.data != nullptr || !(i < constant.size() && constant[i]);
      descs[i] = in[i].desc();
      if (given[i] && i < constant.size() && constant[i])
        constants[i] = {static_cast<const std::byte*>(in[i].data.data), in[i].data.size_bytes()};
    }
    for (std::size_t i = 0; i < out.size(); ++i) descs[in.size() + i] = out[i].desc();
    const attribute_view view(attrs, known_attributes);
    const node_view n{{descs.begin(), in.size()},
                      {descs.begin() + in.size(), out.size()},
                      {constants.begin(), in.size()},
                      {given, in.size()},
                      &view,
                      round};
    if (auto s = detail::verify_values(attrs, n.out); !s) return s;
    if (auto s = detail::verify_output_shapes(op, n); !s) return s;
    if (auto s = detail::prepare_step(op, n, on, find, 1, memory_, step_); !s) return s;
    if (auto s = detail::all_read(op, attrs, known_attributes); !s) return s;
    step_.inputs = static_cast<std::uint32_t>(in.size()),
    step_.outputs = static_cast<std::uint32_t>(out.size());
    scratch_ = buffer(Bytes(step_.scratch));
    return unit{};
  }
  /// The same for an operator of any name: a header-only file compiles all of octet's kernels.
  template <kernels::kernel_set Which = kernels::every_kernel>
  static result<operator_call> make(const op_def& op, std::span<const quantized_view> in,
                                    std::span<const bool> constant,
                                    std::span<const quantized_view> out, const attributes& attrs,
                                    rounding round, target on = target::automatic) {
    return make(op, in, constant, out, attrs, round, on, kernels::finder_among<Which>());
  }
  /// The same for an operator known when compiling: a header-only file compiles its kernel alone.
  template <const op_def& Op>
  static result<operator_call> make(std::span<const quantized_view> in,
                                    std::span<const bool> constant,
                                    std::span<const quantized_view> out, const attributes& attrs,
                                    rounding round, target on = target::automatic) {
    return make(Op, in, constant, out, attrs, round, on, detail::finder_of<Op>());
  }
  /// One pointer per input (constants as well) and per output. No allocation, no lock, no system
  /// call.
  void operator()(const void* const* in, void* const* out) noexcept {
    if (step_.run == nullptr) return;  // moved from
    const numerics::exact_environment environment;
    step_.run({step_.params, {in, step_.inputs}, {out, step_.outputs}, scratch_.data(), 0, 1});
  }
  /// "reference", or the name of the kernel in use.
  const char* kernel_name() const noexcept { return step_.kernel_name; }

  operator_call(operator_call&& o) noexcept
      : memory_(std::move(o.memory_)),
        step_(std::exchange(o.step_, step{})),
        scratch_(std::move(o.scratch_)) {}
  operator_call& operator=(operator_call&& o) noexcept {
    memory_ = std::move(o.memory_);
    step_ = std::exchange(o.step_, step{});
    scratch_ = std::move(o.scratch_);
    return *this;
  }

 private:
  plan_memory memory_{Bytes(0)};  // prepare_step asks for all that it takes at once
  step step_;
  buffer scratch_;
};

// ---- the operators as functions ----
//
// Each checks shapes and types, prepares (packs weights) and runs at every call: use operator_call
// where one operator runs often. Views are the caller's memory, NHWC for images; results are
// written to `y`, whose shape must be the operator's. float32 views run the float32 form of an
// operator where it has one. All are templates for one reason: the compiler looks into those that a
// file names and no others, and a header-only file compiles those operators' kernels alone.

/// Result memory of a call: the caller's, with its quantization and a fused activation.
struct quantized_result {
  tensor_view data;
  double scale = 0;
  std::int32_t zero_point = 0;
  octet::activation activation = activation::none;
  quantized_view view() const { return {data, scale, zero_point, {}, {}, -1}; }
};
/// Whose arithmetic a call follows: a law (TFLite's reference unless given), or one rounding by
/// name, with what laws decide beside it.
struct arithmetic {
  octet::law law = octet::law::tflite_ref;
  octet::rounding rounding = octet::rounding::none;
  bool by_law = true;
  bool f32_product = false;    // sx * sw is rounded to binary32 before anything else
  bool channels_last = false;  // means by rounding ATEN: the last axis is the framework's second
  constexpr arithmetic() = default;
  constexpr arithmetic(octet::law l) : law(l) {}                           // NOLINT
  constexpr arithmetic(octet::rounding r) : rounding(r), by_law(false) {}  // NOLINT
};

namespace detail {
/// What the law of a call says of it.
OCTET_COLD inline laws::decision decide(const op_def& op, std::span<const quantized_view> in,
                                        const quantized_result& y, std::span<const attribute> attrs,
                                        octet::law l) {
  work_list<tensor_desc> ins(in.size());
  work_list<bool> given(in.size());
  for (std::size_t i = 0; i < in.size(); ++i) ins[i] = in[i].desc(), given[i] = true;
  const quantized_view to = y.view();
  const tensor_desc out = to.desc();
  const attribute_view view(attrs);
  return octet::decide(op, l,
                       {{ins.begin(), in.size()}, {&out, 1}, {}, {given.begin(), in.size()}, &view},
                       laws::composed(in[0].data.shape));
}
/// Prepares and runs once. `constants`: how many of the last inputs are known now (weights, bias).
OCTET_COLD inline status call_once(const op_def& op, kernels::finder find,
                                   std::span<const quantized_view> in, std::size_t constants,
                                   const quantized_result& y, attribute_setter& set,
                                   const arithmetic& how) {
  rounding round = how.rounding;
  laws::decision decided = round;
  const bool accumulators =
      op.accumulates && y.scale == 0 && accumulator_types.contains(y.data.type);
  if (how.by_law && !accumulators) {
    decided = decide(op, in, y, set.all(), how.law);
    if (!decided.known)
      return error_of(errc::unsupported, {op.name, " on ", name_of(in[0].data.type)},
                      {"law ", name_of(how.law)},
                      {"a rounding by name where the law's framework has no such operator"});
    round = decided.round;
  } else if (!how.by_law) {
    decided.f32_product = how.f32_product, decided.channels_last = how.channels_last;
  }
  set_decided(decided, set);
  if (y.activation != activation::none && !is_float(y.data.type) && !(y.scale > 0))
    return invalid("activation of a result without scale", op.name);
  set_bounds(decided.by, y.activation, operand_of(y.view().desc()), set);
  work_list<bool> known(in.size());
  for (std::size_t i = 0; i < in.size(); ++i) known[i] = i + constants >= in.size();
  const quantized_view to = y.view();
  operator_call c;
  if (auto s = c.prepare(op, in, {known.begin(), in.size()}, {&to, 1}, set.all(), round,
                         target::automatic, find);
      !s)
    return s;
  work_list<const void*> from(in.size());
  for (std::size_t i = 0; i < in.size(); ++i) from[i] = in[i].data.data;
  void* outs[1] = {y.data.data};
  c(from.begin(), outs);
  return unit{};
}
template <const op_def& Op>
status one_call(std::span<const quantized_view> in, const quantized_result& y,
                const attributes& attrs, const arithmetic& how) {
  return call_once(Op, finder_of<Op>(), in, 0, y, listed_attributes(attrs).set(), how);
}
template <const op_def& Op>
status weighted_call(const quantized_view& x, const quantized_view& w,
                     std::span<const std::int32_t> bias, const quantized_result& y,
                     attribute_setter& set, const arithmetic& how) {
  const quantized_view in[3] = {
      x,
      w,
      {{bias.data(), dtype::s32, dims{static_cast<std::int32_t>(bias.size())}}, 0, 0, {}, {}, -1}};
  return call_once(Op, finder_of<Op>(), {in, bias.empty() ? std::size_t{2} : std::size_t{3}},
                   bias.empty() ? 1 : 2, y, set, how);
}
template <const op_def& Op>
status weighted_call(const quantized_view& x, const quantized_view& w,
                     std::span<const std::int32_t> bias, const quantized_result& y,
                     const attributes& attrs, const arithmetic& how) {
  return weighted_call<Op>(x, w, bias, y, listed_attributes(attrs).set(), how);
}
/// Quantized or plain, by the first input.
template <const op_def& Quantized, const op_def& Plain>
status either_call(std::span<const quantized_view> in, const quantized_result& y,
                   attribute_setter& set, const arithmetic& how) {
  const op_def& op = operator_for(Quantized, Plain, in[0].data.type, in[0].desc().quantized());
  return call_once(op, finder_of<Quantized, Plain>(), in, 0, y, set, how);
}
template <const op_def& Quantized, const op_def& Plain>
status either_call(std::span<const quantized_view> in, const quantized_result& y,
                   const attributes& attrs, const arithmetic& how) {
  return either_call<Quantized, Plain>(in, y, listed_attributes(attrs).set(), how);
}
template <const op_def& Quantized, const op_def& Plain>
status unary_call(const quantized_view& x, const quantized_result& y, const attributes& attrs,
                  const arithmetic& how) {
  return either_call<Quantized, Plain>({&x, 1}, y, attrs, how);
}
/// Operators that are a clamp: the bounds are given to those that only clamp codes.
template <const op_def& Quantized, const op_def& Plain>
status clamp_call(activation a, const quantized_view& x, const quantized_result& y,
                  const arithmetic& how) {
  quantized_result to = y;
  if (to.activation == activation::none && !is_float(x.data.type)) to.activation = a;
  return unary_call<Quantized, Plain>(x, to, {}, how);
}
template <const op_def& Quantized, const op_def& Plain>
status binary_call(const quantized_view& a, const quantized_view& b, const quantized_result& y,
                   const attributes& attrs, const arithmetic& how) {
  const quantized_view in[2] = {a, b};
  return either_call<Quantized, Plain>(in, y, attrs, how);
}
template <const op_def& Quantized, const op_def& Plain>
status binary_call(const quantized_view& a, const quantized_view& b, const quantized_result& y,
                   const arithmetic& how) {
  const quantized_view in[2] = {a, b};
  no_attributes none;
  return either_call<Quantized, Plain>(in, y, none.set, how);
}
inline attributes numbers(std::string_view key, std::span<const std::int32_t> list) {
  attributes a;
  a.set(key, std::vector<std::int64_t>(list.begin(), list.end()));
  return a;
}
inline attributes number(std::string_view key, double v) {
  attributes a;
  if (v != 0) a.set(key, v);
  return a;
}
}  // namespace detail

OCTET_NAMESPACE_END

#endif  // OCTET_DIRECT_CALL_HPP_
