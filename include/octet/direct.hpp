// One operator on the caller's own memory, without a graph: the same preparation, the same kernels, the same bits.
#ifndef OCTET_DIRECT_HPP_
#define OCTET_DIRECT_HPP_

#include "octet/numerics/fp_env.hpp"
#include "octet/ops/list.hpp"
#include "octet/runtime/bind.hpp"

namespace octet::inline OCTET_ABI {

/// Memory of the caller with its quantization; scale 0: plain numbers. `scales`: per channel along `axis`, in place of scale.
struct quantized_view {
  const_tensor_view data;
  double scale = 0;
  std::int32_t zero_point = 0;
  std::span<const double> scales{};
  std::span<const std::int32_t> zero_points{};
  std::int32_t axis = -1;

  tensor_desc desc() const {
    tensor_desc d{data.type, data.shape, {}, {}, axis};
    if (!scales.empty()) d.scales = scales, d.zero_points = zero_points;
    else if (scale != 0) d.scales = {&scale, 1}, d.zero_points = {&zero_point, 1};
    return d;
  }
};

/// An operator prepared for one set of shapes, types and constants (weights are packed): make it once, call it often. Keeps pointers to the constants.
class operator_call {
 public:
  /// `constant[i]`: input i is known now (weights, biases). Absent optional inputs: a view without data and shape {0}.
  static result<operator_call> make(const op_def& op, std::span<const quantized_view> in, std::span<const bool> constant, std::span<const quantized_view> out, const attributes& attrs, rounding round, target on = target::automatic) {
    const numerics::exact_environment environment;
    if (on == target::automatic) on = best_target();
    if (!can_run(on)) return unsupported("target", std::string(name_of(on)), "a target of this build that this CPU can run");
    const auto count = static_cast<std::int32_t>(in.size());
    if (count < op.min_inputs || (op.max_inputs >= 0 && count > op.max_inputs)) return invalid("number of inputs of " + std::string(op.name), std::to_string(count), std::to_string(op.min_inputs) + " to " + std::to_string(op.max_inputs));
    operator_call c;
    std::vector<tensor_desc> ins, outs;
    std::vector<std::span<const std::byte>> constants;
    const auto given = std::make_unique<bool[]>(in.size() + 1);
    for (std::size_t i = 0; i < in.size(); ++i) {
      given[i] = in[i].data.data != nullptr || !(i < constant.size() && constant[i]);
      ins.push_back(in[i].desc());
      const bool known = given[i] && i < constant.size() && constant[i];
      constants.push_back(known ? std::span(static_cast<const std::byte*>(in[i].data.data), in[i].data.size_bytes()) : std::span<const std::byte>());
    }
    for (const quantized_view& o : out) outs.push_back(o.desc());
    const attribute_view view(attrs);
    const node_view n{ins, outs, constants, {given.get(), in.size()}, &view, round};
    std::vector<dims> shapes(out.size());
    if (op.shape) {
      if (auto s = op.shape(n, shapes); !s) return s.error();
      for (std::size_t i = 0; i < out.size(); ++i)
        if (!(shapes[i] == outs[i].shape)) return invalid("output shape of " + std::string(op.name), to_string(outs[i].shape), to_string(shapes[i]));
    }
    c.memory_ = std::make_unique<plan_memory>();
    prepared p;
    p.memory = c.memory_.get();
    if (auto s = op.prepare(n, p); !s) return s.error();
    if (p.alias) {
      auto& copy = p.make<detail::copy_params>(&detail::copy_kernel);
      copy.bytes = bytes_of(outs[0].shape.elements(), outs[0].type).value;
    }
    detail::bind(p, on, 1, *c.memory_, c.step_);
    c.scratch_ = buffer(Bytes(c.step_.scratch));
    return c;
  }
  /// One pointer per input (constants as well) and per output. No allocation, no lock, no system call.
  void operator()(const void* const* in, void* const* out) noexcept {
    const numerics::exact_environment environment;
    step_.run({step_.params, in, out, scratch_.data(), 0, 1});
  }
  /// "reference", or the name of the kernel in use.
  const char* kernel_name() const noexcept { return step_.kernel_name; }

 private:
  operator_call() = default;
  std::unique_ptr<plan_memory> memory_;
  step step_;
  buffer scratch_;
};

namespace detail {
/// Prepares and runs once.
inline status call_once(const op_def& op, std::initializer_list<quantized_view> in, std::initializer_list<bool> constant, const quantized_view& y, void* to, const attributes& attrs, rounding round) {
  const std::unique_ptr<bool[]> known(new bool[constant.size() + 1]);
  std::copy(constant.begin(), constant.end(), known.get());
  auto c = operator_call::make(op, {in.begin(), in.size()}, {known.get(), constant.size()}, {&y, 1}, attrs, round);
  if (!c) return c.error();
  std::vector<const void*> from;
  for (const quantized_view& v : in) from.push_back(v.data.data);
  void* outs[1] = {to};
  (*c)(from.data(), outs);
  return unit{};
}
inline quantized_view bias_view(std::span<const std::int32_t> bias) { return {{bias.data(), dtype::s32, dims{static_cast<std::int32_t>(bias.size())}}, 0, 0, {}, {}, -1}; }
}  // namespace detail

/// Result memory of the calls below: the caller's, with its quantization.
struct quantized_result {
  tensor_view data;
  double scale = 0;
  std::int32_t zero_point = 0;
  quantized_view view() const { return {data, scale, zero_point, {}, {}, -1}; }
};

/// y = requantize(conv(x, w) + bias); x [N,H,W,C], w [O,KH,KW,C/groups]. Prepares at every call: use operator_call where one operator runs often.
inline status conv2d(const quantized_view& x, const quantized_view& w, std::span<const std::int32_t> bias, const conv2d_attrs& a, const quantized_result& y, rounding round = rounding::DR) {
  if (bias.empty()) return detail::call_once(ops::conv2d, {x, w}, {false, true}, y.view(), y.data.data, to_attributes(a), round);
  return detail::call_once(ops::conv2d, {x, w, detail::bias_view(bias)}, {false, true, true}, y.view(), y.data.data, to_attributes(a), round);
}
/// w [1,KH,KW,C * multiplier].
inline status depthwise_conv2d(const quantized_view& x, const quantized_view& w, std::span<const std::int32_t> bias, const conv2d_attrs& a, const quantized_result& y, rounding round = rounding::DR) {
  if (bias.empty()) return detail::call_once(ops::depthwise_conv2d, {x, w}, {false, true}, y.view(), y.data.data, to_attributes(a), round);
  return detail::call_once(ops::depthwise_conv2d, {x, w, detail::bias_view(bias)}, {false, true, true}, y.view(), y.data.data, to_attributes(a), round);
}
/// x flattened to [elements / K, K], w [N,K], y [batch,N].
inline status fully_connected(const quantized_view& x, const quantized_view& w, std::span<const std::int32_t> bias, const fully_connected_attrs& a, const quantized_result& y, rounding round = rounding::D64) {
  if (bias.empty()) return detail::call_once(ops::fully_connected, {x, w}, {false, true}, y.view(), y.data.data, to_attributes(a), round);
  return detail::call_once(ops::fully_connected, {x, w, detail::bias_view(bias)}, {false, true, true}, y.view(), y.data.data, to_attributes(a), round);
}
inline status add(const quantized_view& a, const quantized_view& b, const quantized_result& y, rounding round = rounding::DR) { return detail::call_once(ops::qnn_add, {a, b}, {}, y.view(), y.data.data, {}, round); }
inline status mul(const quantized_view& a, const quantized_view& b, const quantized_result& y, rounding round = rounding::DR) { return detail::call_once(ops::qnn_mul, {a, b}, {}, y.view(), y.data.data, {}, round); }
inline status requantize(const quantized_view& x, const quantized_result& y, rounding round = rounding::DR) { return detail::call_once(ops::requantize, {x}, {}, y.view(), y.data.data, {}, round); }
inline status quantize(const quantized_view& x, const quantized_result& y, rounding round = rounding::AWAY) { return detail::call_once(ops::quantize, {x}, {}, y.view(), y.data.data, {}, round); }
inline status dequantize(const quantized_view& x, const quantized_result& y) { return detail::call_once(ops::dequantize, {x}, {}, y.view(), y.data.data, {}, rounding::none); }

}  // namespace octet::inline OCTET_ABI

#endif  // OCTET_DIRECT_HPP_
