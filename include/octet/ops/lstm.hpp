// qnn.lstm: a long short-term memory layer over a sequence, int8 with an int16 cell. Its two states
// live in the session.
#ifndef OCTET_OPS_LSTM_HPP_
#define OCTET_OPS_LSTM_HPP_

#include "octet/kernels/target_layout.hpp"
#include "octet/laws/elementwise.hpp"
#include "octet/numerics/fixed_point.hpp"
#include "octet/ops/requantize.hpp"

OCTET_NAMESPACE_BEGIN

struct lstm_attrs {
  bool time_major = false;  // x and y are [T, B, C], else [B, T, C]
  double cell_clip = 0;     // > 0: bound of the cell, as a real number
  double hidden_scale = 0;  // quantization of o * tanh(c); 0: the output's
  std::int32_t hidden_zero_point = 0;
  static constexpr auto fields = std::tuple{
      field{"time_major", &lstm_attrs::time_major}, field{"cell_clip", &lstm_attrs::cell_clip},
      field{"hidden_scale", &lstm_attrs::hidden_scale},
      field{"hidden_zero_point", &lstm_attrs::hidden_zero_point}};
};

/// Inputs: 0 x s8; 1..3 input weights of forget gate, cell gate, output gate [N, C] s8; 4..6
/// recurrent weights [N, N] s8; 7..9 biases [N] s32; 10 hidden state [B, N] s8; 11 cell state [B,
/// N] s16, scale a power of two; 12..14 input weights, recurrent weights, bias of the input gate
/// (absent: 1 - forget gate). Outputs: y s8 [.., .., N], the two states (the same tensors as inputs
/// 10 and 11).
///
/// Rounding DR, all values in their own quantization:
///   gate z  = sat16(DR(sum (x - zx) w + bias; ei)), then sat16(z + DR(sum (h - zh) r; er)), in
///   Q3.12; ei = f32(f32(sw * sx) / 2^-12), er alike f, i, o = logistic(z) in Q0.15, g = tanh(z)
///   (numerics::fixed16) c       = sat16(s16(RDP(f c, 15)) + s16(RDP(i g, 30 + log2 sc))) h       =
///   sat8(DR(o tanh(c); f32(2^-30 / s_hidden)) + z_hidden)
struct lstm_params {
  std::int32_t batch = 0, steps = 0, in_c = 0, units = 0;
  bool time_major = false, coupled = false;  // coupled: no input gate of its own
  std::int32_t in_zero_point = 0, state_zero_point = 0, hidden_zero_point = 0;
  struct gate {
    multiplier input{}, recurrent{};
  } forget{}, cell{}, output{}, input{};
  multiplier hidden{};
  std::int32_t cell_integer_bits = 0;  // 15 + log2 of the cell's scale
  std::int32_t clip = 0;               // of the quantized cell; 0: none
};

constexpr shape_or lstm_shape(const lstm_attrs& a, const dims& x, const dims& w, const dims& r,
                              const dims& h, const dims& c) {
  if (x.rank != 3) return violation{rule::rank, dims{0, 0, 0}, x};
  if (w.rank != 2 || r.rank != 2) return violation{rule::rank, dims{0, 0}, w.rank != 2 ? w : r};
  if (w[1] != x[2]) return violation{rule::channels, dims{x[2]}, dims{w[1]}};
  const dims state{x[a.time_major ? 1 : 0], w[0]};
  if (!(r == dims{w[0], w[0]})) return violation{rule::weight_count, dims{w[0], w[0]}, r};
  if (!(h == state)) return violation{rule::shapes_differ, state, h};
  if (!(c == state)) return violation{rule::shapes_differ, state, c};
  return dims{x[0], x[1], w[0]};
}

namespace kernels {
/// Hidden values of a step, then its input and the last hidden values as int16 without zero points.
constexpr std::size_t lstm_scratch(std::size_t inputs, std::size_t units) noexcept {
  return round_up(units, alignment) + round_up(inputs * 2, alignment) +
         round_up(units * 2, alignment);
}
}  // namespace kernels

namespace reference {

/// One gate of one unit before its function, Q3.12, from its two sums.
constexpr std::int16_t lstm_gate_of(const lstm_params::gate& g, std::int32_t a, std::int32_t b,
                                    std::int32_t bias) noexcept {
  const auto first = numerics::clamp<std::int64_t>(
      numerics::doubling_high_half_away(static_cast<std::int32_t>(static_cast<std::uint32_t>(a) +
                                                                  static_cast<std::uint32_t>(bias)),
                                        g.input),
      -32768, 32767);
  return static_cast<std::int16_t>(numerics::clamp<std::int64_t>(
      first + numerics::doubling_high_half_away(b, g.recurrent), -32768, 32767));
}
constexpr std::int16_t lstm_gate(const lstm_params& p, const lstm_params::gate& g,
                                 const std::int8_t* x, const std::int8_t* h, const std::int8_t* w,
                                 const std::int8_t* r, std::int32_t bias) noexcept {
  std::int32_t a = 0, b = 0;  // |a| < 2^31: 2^15 * 65536 inputs at most (checked by prepare)
  for (std::int32_t i = 0; i < p.in_c; ++i) a += (x[i] - p.in_zero_point) * w[i];
  for (std::int32_t i = 0; i < p.units; ++i) b += (h[i] - p.state_zero_point) * r[i];
  return lstm_gate_of(g, a, b, bias);
}
/// One unit at one time: the new cell and hidden values.
struct lstm_cell {
  std::int16_t c;
  std::int8_t h;
};
constexpr lstm_cell lstm_unit(const lstm_params& p, std::int16_t forget, std::int16_t cell,
                              std::int16_t output, std::int16_t input,
                              std::int16_t before) noexcept {
  using q = numerics::fixed16;
  const std::int32_t f = q::logistic(forget, 3), g = q::tanh(cell, 3), o = q::logistic(output, 3),
                     i = p.coupled ? 32767 - f : q::logistic(input, 3);
  const auto kept = static_cast<std::int16_t>(numerics::rounding_shift_half_away(f * before, 15)),
             added = static_cast<std::int16_t>(
                 numerics::rounding_shift_half_away(i * g, 15 + p.cell_integer_bits));
  std::int32_t c = numerics::clamp(kept + added, -32768, 32767);
  if (p.clip > 0) c = numerics::clamp(c, -p.clip, p.clip);
  const std::int32_t t = q::tanh(static_cast<std::int16_t>(c), p.cell_integer_bits);
  return {static_cast<std::int16_t>(c),
          static_cast<std::int8_t>(
              numerics::finish(std::int64_t{numerics::doubling_high_half_away(o * t, p.hidden)},
                               p.hidden_zero_point, -128, 127))};
}
/// `fresh`: one hidden value per unit. `start(x, h)` is told the rows of the next unit's gates,
/// `gate(...)` is lstm_gate.
template <class Start, class Gate>
constexpr void lstm(const lstm_params& p, const std::int8_t* x, const std::int8_t* const* w,
                    const std::int8_t* const* r, const std::int32_t* const* bias, std::int8_t* h,
                    std::int16_t* c, std::int8_t* y, std::int8_t* fresh, Start&& start,
                    Gate&& gate_of) {
  for (std::int32_t t = 0; t < p.steps; ++t)
    for (std::int32_t b = 0; b < p.batch; ++b) {
      const auto at = static_cast<std::size_t>(p.time_major ? t * p.batch + b : b * p.steps + t),
                 n = static_cast<std::size_t>(p.units), k = static_cast<std::size_t>(p.in_c);
      const std::int8_t* from = x + at * k;
      std::int8_t* hidden = h + static_cast<std::size_t>(b) * n;
      std::int16_t* cell = c + static_cast<std::size_t>(b) * n;
      start(from, hidden);
      for (std::size_t u = 0; u < n; ++u) {
        const auto gate = [&](const lstm_params::gate& g, int which) {
          return gate_of(p, g, from, hidden, w[which] + u * k, r[which] + u * n, bias[which][u]);
        };
        const lstm_cell next = lstm_unit(p, gate(p.forget, 0), gate(p.cell, 1), gate(p.output, 2),
                                         p.coupled ? std::int16_t{0} : gate(p.input, 3), cell[u]);
        cell[u] = next.c;
        fresh[u] = next.h;
      }
      for (std::size_t u = 0; u < n; ++u) hidden[u] = y[at * n + u] = fresh[u];
    }
}
#if OCTET_HAS_DEFINITIONS
/// The operands of a call; states that come from other tensors are copied first.
template <class Start, class Gate>
void lstm_call(const kernel_args& a, std::int8_t* fresh, Start&& start, Gate&& gate_of) noexcept {
  const auto& p = *static_cast<const lstm_params*>(a.params);
  const auto s8 = [&](std::size_t i) { return static_cast<const std::int8_t*>(a.in[i]); };
  const auto s32 = [&](std::size_t i) { return static_cast<const std::int32_t*>(a.in[i]); };
  const bool own = !p.coupled;
  const std::int8_t *const w[4] = {s8(1), s8(2), s8(3), own ? s8(12) : nullptr}, *const r[4] = {
                                                                                     s8(4), s8(5),
                                                                                     s8(6),
                                                                                     own ? s8(13)
                                                                                         : nullptr};
  const std::int32_t* const bias[4] = {s32(7), s32(8), s32(9), own ? s32(14) : nullptr};
  auto* h = static_cast<std::int8_t*>(a.out[1]);
  auto* c = static_cast<std::int16_t*>(a.out[2]);
  const auto count = static_cast<std::size_t>(p.batch) * static_cast<std::size_t>(p.units);
  if (a.in[10] != a.out[1]) std::memcpy(h, a.in[10], count);
  if (a.in[11] != a.out[2]) std::memcpy(c, a.in[11], count * 2);
  lstm(p, s8(0), w, r, bias, h, c, static_cast<std::int8_t*>(a.out[0]), fresh, start, gate_of);
}
OCTET_INLINE void lstm_kernel(const kernel_args& a) noexcept {
  lstm_call(
      a, static_cast<std::int8_t*>(a.scratch), [](const auto*, const auto*) {}, &lstm_gate);
}
#else
void lstm_kernel(const kernel_args& a) noexcept;
#endif
}  // namespace reference

namespace ops {
constexpr status lstm_op_shape(const node_view& n, std::span<dims> out) {
  if (n.in.size() < 12 || out.size() != 3)
    return violation{rule::input_count, dims{12}, dims{static_cast<std::int32_t>(n.in.size())}};
  const shape_or s = lstm_shape(read_attributes<lstm_attrs>(*n.attrs), n.in[0].shape, n.in[1].shape,
                                n.in[4].shape, n.in[10].shape, n.in[11].shape);
  if (s.broken) return s.broken;
  out[0] = s.shape, out[1] = n.in[10].shape, out[2] = n.in[11].shape;
  return unit{};
}
/// The reference keeps one gate's hidden values.
constexpr void lstm_memory(const node_view& n, node_memory& to) {
  to.make<lstm_params>();
  const auto units = static_cast<std::size_t>(n.out[0].shape[2]);
  to.reference_scratch = units;
  to.kernel([&](const kernels::target_layout&) {
    return kernels::node_bytes{
        0, kernels::lstm_scratch(static_cast<std::size_t>(n.in[0].shape[2]), units)};
  });
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE status lstm_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0], &h = n.in[10], &c = n.in[11];
  const auto a = read_attributes<lstm_attrs>(*n.attrs);
  auto& p = to.make<lstm_params>(&reference::lstm_kernel, kernel_id::lstm);
  p.batch = x.shape[a.time_major ? 1 : 0], p.steps = x.shape[a.time_major ? 0 : 1],
  p.in_c = x.shape[2], p.units = y.shape[2];
  p.time_major = a.time_major;
  p.coupled = !(n.present(12) && n.present(13) && n.present(14));
  if (p.coupled && (n.present(12) || n.present(13) || n.present(14)))
    return invalid("an input gate with weights, recurrent weights or bias missing");
  if (p.in_c > 65536 || p.units > 65536)
    return unsupported("units or inputs", std::to_string(std::max(p.in_c, p.units)),
                       "at most 65536: sums stay below 2^31");
  const dims wide{p.units, p.in_c}, full{p.units, p.units}, bias{p.units};
  for (std::size_t i = 1; i < n.in.size(); ++i) {
    if (i == 10 || i == 11 || !n.present(i)) continue;
    const bool is_bias = (i >= 7 && i <= 9) || i == 14, recurrent = (i >= 4 && i <= 6) || i == 13;
    const tensor_desc& t = n.in[i];
    if (!(t.shape == (is_bias ? bias : recurrent ? full : wide)))
      return violation{rule::weight_count, is_bias ? bias : recurrent ? full : wide, t.shape};
    if (!is_bias && (t.per_channel() || !t.quantized() || t.zero_point() != 0))
      return unsupported("quantization of weights", {}, "one scale, zero point 0");
  }
  p.in_zero_point = x.zero_point(), p.state_zero_point = h.zero_point();
  p.hidden_zero_point = a.hidden_scale > 0 ? a.hidden_zero_point : y.zero_point();
  const auto cell = numerics::detail::split(c.scale());
  p.cell_integer_bits = 15 + cell.e;
  if (cell.m != 1 || p.cell_integer_bits < 0 || p.cell_integer_bits > 9 || c.zero_point() != 0)
    return unsupported("quantization of the cell", std::to_string(c.scale()),
                       "a power of two between 2^-15 and 2^-6, zero point 0");
  const auto scale = [](const tensor_desc& w, const tensor_desc& v) {
    return numerics::quantize_multiplier(
        static_cast<double>(numerics::div(numerics::mul(w.scale_f32(), v.scale_f32()), 0x1p-12f)));
  };
  p.forget = {scale(n.in[1], x), scale(n.in[4], h)};
  p.cell = {scale(n.in[2], x), scale(n.in[5], h)};
  p.output = {scale(n.in[3], x), scale(n.in[6], h)};
  if (!p.coupled) p.input = {scale(n.in[12], x), scale(n.in[13], h)};
  const double hidden =
      static_cast<double>(a.hidden_scale > 0 ? static_cast<float>(a.hidden_scale) : y.scale_f32());
  p.hidden = numerics::quantize_multiplier(static_cast<double>(
      static_cast<float>(numerics::mul(numerics::div(0x1p-15, hidden), 0x1p-15))));
  if (a.cell_clip > 0)
    p.clip = numerics::clamp_to_int(
        static_cast<double>(numerics::div(static_cast<float>(a.cell_clip), c.scale_f32())), 1,
        32767);
  return unit{};
}
#else
status lstm_prepare(const node_view& n, prepared& to);
#endif
inline constexpr form lstm_forms[] = {
    {.in = {dtype::s8, dtype::s8, dtype::s8, dtype::s8, dtype::s8, dtype::s8, dtype::s8, dtype::s32,
            dtype::s32, dtype::s32, dtype::s8, dtype::s16, dtype::s8, dtype::s8, dtype::s32},
     .out = {dtype::s8, dtype::s8, dtype::s16},
     .roundings = rounding::doubling_high_half_away},
};
inline constexpr op_def qnn_lstm{
    .name = "qnn.lstm",
    .summary = "long short-term memory layer over a sequence",
    .min_inputs = 12,
    .max_inputs = 15,
    .outputs = 3,
    .optional = {12, 13, 14},
    .forms = lstm_forms,
    .kernel = kernel_id::lstm,
    .shape = &lstm_op_shape,
    .memory = &lstm_memory,
    .prepare = &lstm_prepare,
    .decide = &laws::tflite_integers,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_LSTM_HPP_
