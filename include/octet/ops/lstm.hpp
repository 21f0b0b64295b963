// qnn.lstm: a long short-term memory layer over a sequence, int8 with an int16 cell. Its two states
// live in the session.
#ifndef OCTET_OPS_LSTM_HPP_
#define OCTET_OPS_LSTM_HPP_

#include "octet/kernels/simd/layouts.hpp"
#include "octet/laws/elementwise.hpp"
#include "octet/numerics/fixed_point.hpp"
#include "octet/ops/requantize.hpp"
#include "octet/ops/work.hpp"

OCTET_NAMESPACE_BEGIN

struct lstm_attrs {
  bool time_major = false;  // x and y are [T, B, C], else [B, T, C]
  double cell_clip = 0;     // > 0: bound of the cell, as a real number
  double hidden_scale = 0;  // quantization of o * tanh(c); 0: the output's
  std::int32_t hidden_zero_point = 0;
  double projection_clip = 0;  // > 0: bound of the projection, as a real number
  // Layer normalization: scales of the gates' sums before it.
  double forget_scale = 0, cell_scale = 0, output_scale = 0, input_scale = 0;
  static constexpr auto fields =
      field_list{field{"time_major", &lstm_attrs::time_major},
                 field{"cell_clip", &lstm_attrs::cell_clip},
                 field{"hidden_scale", &lstm_attrs::hidden_scale},
                 field{"hidden_zero_point", &lstm_attrs::hidden_zero_point},
                 field{"projection_clip", &lstm_attrs::projection_clip},
                 field{"forget_scale", &lstm_attrs::forget_scale},
                 field{"cell_scale", &lstm_attrs::cell_scale},
                 field{"output_scale", &lstm_attrs::output_scale},
                 field{"input_scale", &lstm_attrs::input_scale}};
};

/// Inputs: 0 x s8; 1..3 input weights of forget gate, cell gate, output gate [N, C] s8; 4..6
/// recurrent weights [N, O] s8; 7..9 biases [N] s32; 10 hidden state [B, O] s8; 11 cell state [B,
/// N] s16, scale a power of two; 12..14 input weights, recurrent weights, bias of the input gate
/// (absent: 1 - forget gate); 15, 16 projection [O, N] s8 and its bias [O] s32 (absent: O = N, the
/// hidden values are the state); 17..19 peepholes of forget, output and input gate [N] s16; 20..23
/// layer normalization of forget, cell, output and input gate [N] s16. Outputs: y s8 [.., .., O],
/// the two states (the same tensors as inputs 10 and 11).
///
/// Rounding DR, all values in their own quantization:
///   gate z  = sat16(DR(sum (x - zx) w + bias; ei)), then sat16(z + DR(sum (h - zh) r; er)), in
///   Q3.12; ei = f32(f32(sw * sx) / 2^-12), er alike; then sat16(z + DR(c * peephole)), the output
///   gate's with the new cell (with a projection as the framework counts them: the units of what it
///   takes in one step, one sequence batch-major and else all, meet the first O peepholes again and
///   again, as many as hidden values, the units behind them none); layer normalization: z in its
///   own scale without the bias until then, see lstm_normalize. f, i, o = logistic(z) in Q0.15, g =
///   tanh(z) (numerics::fixed16). c = sat16(s16(RDP(f c, 15)) + s16(RDP(i g, 30 + log2 sc))), m =
///   sat8(DR(o tanh(c); f32(2^-30 / s_hidden)) + z_hidden), h = m or sat8(sat8(DR(sum (m -
///   z_hidden) w + bias; f32(f32(sw * s_hidden) / sh)) + zh)).
struct lstm_params {
  std::int32_t batch = 0, steps = 0, in_c = 0, units = 0, state = 0;
  bool time_major = false, coupled = false;  // coupled: no input gate of its own
  bool projects = false, normalizes = false;
  std::int32_t in_zero_point = 0, state_zero_point = 0, hidden_zero_point = 0;
  struct gate {
    multiplier input{}, recurrent{}, peephole{}, norm{};
    std::int32_t least_variance = 1;
    bool peeps = false;
  } forget{}, cell{}, output{}, input{};
  multiplier hidden{}, projection{};
  std::int32_t cell_integer_bits = 0;     // 15 + log2 of the cell's scale
  std::int32_t clip = 0, state_clip = 0;  // of the quantized cell and projection; 0: none
};

constexpr shape_or lstm_shape(const lstm_attrs& a, const dims& x, const dims& w, const dims& r,
                              const dims& h, const dims& c) {
  if (x.rank != 3) return violation{rule::rank, dims{0, 0, 0}, x};
  if (w.rank != 2 || r.rank != 2 || h.rank != 2)
    return violation{rule::rank, dims{0, 0}, w.rank != 2 ? w : r.rank != 2 ? r : h};
  if (w[1] != x[2]) return violation{rule::channels, dims{x[2]}, dims{w[1]}};
  const std::int32_t batch = x[a.time_major ? 1 : 0];
  const dims cell{batch, w[0]}, state{batch, r[1]};
  if (r[0] != w[0]) return violation{rule::weight_count, dims{w[0], r[1]}, r};
  if (!(h == state)) return violation{rule::shapes_differ, state, h};
  if (!(c == cell)) return violation{rule::shapes_differ, cell, c};
  return dims{x[0], x[1], r[1]};
}

namespace kernels {
/// Hidden values of a step, then its input and the last hidden values as int16 without zero points,
/// then the two sums of each unit's four gates.
constexpr std::size_t lstm_scratch(std::size_t inputs, std::size_t units) noexcept {
  return round_up(units, alignment) + round_up(inputs * 2, alignment) +
         round_up(units * 2, alignment) + 8 * round_up(units * 4, alignment);
}
}  // namespace kernels

namespace reference {

constexpr std::int16_t saturate16(std::int64_t v) noexcept {
  return static_cast<std::int16_t>(numerics::clamp<std::int64_t>(v, -32768, 32767));
}
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
  for (std::int32_t i = 0; i < p.state; ++i) b += (h[i] - p.state_zero_point) * r[i];
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
/// Which gate: the first index of weights, recurrent weights and biases in `lstm`.
enum class lstm_gate_id : std::uint8_t { forget, cell, output, input };
/// `fresh`: one hidden value per unit. `start(x, h)` is told the rows of a step, `gate_of(p, gate,
/// which, unit, ...)` is lstm_gate(p, gate, ...).
template <class Start, class Gate>
constexpr void lstm(const lstm_params& p, const std::int8_t* x, const std::int8_t* const* w,
                    const std::int8_t* const* r, const std::int32_t* const* bias, std::int8_t* h,
                    std::int16_t* c, std::int8_t* y, std::int8_t* fresh, Start&& start,
                    Gate&& gate_of) {
  for (std::int32_t t = 0; t < p.steps; ++t)
    for (std::int32_t b = 0; b < p.batch; ++b) {
      const auto at = as_size(p.time_major ? t * p.batch + b : b * p.steps + t),
                 n = as_size(p.units), k = as_size(p.in_c);
      const std::int8_t* from = x + at * k;
      std::int8_t* hidden = h + as_size(b) * n;
      std::int16_t* cell = c + as_size(b) * n;
      start(from, hidden);
      for (std::size_t u = 0; u < n; ++u) {
        const auto gate = [&](const lstm_params::gate& g, lstm_gate_id id) {
          const auto i = static_cast<std::size_t>(id);
          return gate_of(p, g, id, u, from, hidden, w[i] + u * k, r[i] + u * n, bias[i][u]);
        };
        const lstm_cell next =
            lstm_unit(p, gate(p.forget, lstm_gate_id::forget), gate(p.cell, lstm_gate_id::cell),
                      gate(p.output, lstm_gate_id::output),
                      p.coupled ? std::int16_t{0} : gate(p.input, lstm_gate_id::input), cell[u]);
        cell[u] = next.c;
        fresh[u] = next.h;
      }
      for (std::size_t u = 0; u < n; ++u) hidden[u] = y[at * n + u] = fresh[u];
    }
}
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
  const auto count = as_size(p.batch) * as_size(p.units);
  if (a.in[10] != a.out[1]) std::memcpy(h, a.in[10], count);
  if (a.in[11] != a.out[2]) std::memcpy(c, a.in[11], count * 2);
  lstm(p, s8(0), w, r, bias, h, c, static_cast<std::int8_t*>(a.out[0]), fresh, start, gate_of);
}
#if OCTET_HAS_DEFINITIONS
OCTET_INLINE void lstm_kernel(const kernel_args& a) noexcept {
  lstm_call(
      a, static_cast<std::int8_t*>(a.scratch), [](const auto*, const auto*) {},
      [](const lstm_params& p, const lstm_params::gate& g, lstm_gate_id, std::size_t,
         const std::int8_t* x, const std::int8_t* h, const std::int8_t* w, const std::int8_t* r,
         std::int32_t bias) { return lstm_gate(p, g, x, h, w, r, bias); });
}
#else
void lstm_kernel(const kernel_args& a) noexcept;
#endif

// ---- with a projection, peepholes, layer normalization or a very fine cell ----

/// A gate's sums to mean 0 and variance 1, times weights, plus bias: mean and variance with 10 and
/// 20 fractional bits, 1 / sqrt(variance) by Newton steps.
constexpr void lstm_normalize(const lstm_params::gate& g, std::int16_t* z, std::size_t n,
                              const std::int16_t* weights, const std::int32_t* bias) noexcept {
  std::int64_t sum = 0, squares = 0;
  for (std::size_t i = 0; i < n; ++i) sum += z[i], squares += std::int64_t{z[i]} * z[i];
  const auto count = static_cast<std::int64_t>(n);
  const auto mean = static_cast<std::int32_t>(sum * 1024 / count);
  const std::int64_t part = (1 << 20) / count;
  auto variance =
      static_cast<std::int32_t>((squares * part - std::int64_t{mean} * mean) / (1 << 20));
  if (variance < 1) variance = g.least_variance;
  const multiplier root = numerics::reciprocal_sqrt(variance);
  for (std::size_t i = 0; i < n; ++i) {
    const std::int32_t v = numerics::doubling_high_half_away(1024 * z[i] - mean, root);
    const std::int64_t scaled = std::int64_t{v} * weights[i] + bias[i],
                       rounded = (scaled > 0 ? scaled + 512 : scaled - 512) / 1024;
    z[i] =
        saturate16(numerics::doubling_high_half_away(static_cast<std::int32_t>(rounded), g.norm));
  }
}
/// What the kernel is given besides x and states, by gate: forget, cell, output, input.
struct lstm_operands {
  const std::int8_t *w[4], *r[4];
  const std::int32_t* bias[4];
  const std::int16_t *peephole[4], *norm[4];
  const std::int8_t* projection;
  const std::int32_t* projection_bias;
};
/// `gates`: 4 * units; `fresh`: one hidden value per unit; `earlier`: sequences of the same step.
constexpr void lstm_step(const lstm_params& p, const lstm_operands& o, const std::int8_t* x,
                         std::int8_t* h, std::int16_t* c, std::int8_t* y, std::int16_t* gates,
                         std::int8_t* fresh, std::size_t earlier) {
  using q = numerics::fixed16;
  const auto n = as_size(p.units), k = as_size(p.in_c), s = as_size(p.state);
  const lstm_params::gate* gate[4] = {&p.forget, &p.cell, &p.output, &p.input};
  const std::size_t count = p.coupled ? 3 : 4;
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t u = 0; u < n; ++u)
      gates[i * n + u] = lstm_gate(p, *gate[i], x, h, o.w[i] + u * k, o.r[i] + u * s,
                                   p.normalizes ? 0 : o.bias[i][u]);
  const std::size_t peeping = s * (p.time_major ? as_size(p.batch) : 1);
  const auto finish_sums = [&](std::size_t i) {  // with the cell as it is now
    std::int16_t* z = gates + i * n;
    if (gate[i]->peeps)
      for (std::size_t u = 0; u < n && earlier * n + u < peeping; ++u)
        z[u] = saturate16(std::int64_t{z[u]} +
                          numerics::doubling_high_half_away(
                              c[u] * o.peephole[i][(earlier * n + u) % s], gate[i]->peephole));
    if (p.normalizes) lstm_normalize(*gate[i], z, n, o.norm[i], o.bias[i]);
  };
  finish_sums(0), finish_sums(1);
  if (!p.coupled) finish_sums(3);
  std::int16_t *forget = gates, *cell = gates + n, *output = gates + 2 * n, *input = gates + 3 * n;
  for (std::size_t u = 0; u < n; ++u) {
    const std::int32_t f = q::logistic(forget[u], 3), g = q::tanh(cell[u], 3),
                       i = p.coupled ? 32767 - f : q::logistic(input[u], 3);
    const auto kept = static_cast<std::int16_t>(numerics::rounding_shift_half_away(f * c[u], 15)),
               added = static_cast<std::int16_t>(
                   numerics::rounding_shift_half_away(i * g, 15 + p.cell_integer_bits));
    std::int32_t next = numerics::clamp(kept + added, -32768, 32767);
    if (p.clip > 0) next = numerics::clamp(next, -p.clip, p.clip);
    c[u] = static_cast<std::int16_t>(next);
    input[u] = static_cast<std::int16_t>(i);
  }
  finish_sums(2);
  for (std::size_t u = 0; u < n; ++u) {
    // The framework's tanh leaves its result alone where the cell's scale is below 2^-15: the
    // input gate's value stands there.
    const std::int32_t t = p.cell_integer_bits < 0 ? input[u] : q::tanh(c[u], p.cell_integer_bits);
    fresh[u] = static_cast<std::int8_t>(numerics::finish(
        std::int64_t{numerics::doubling_high_half_away(q::logistic(output[u], 3) * t, p.hidden)},
        p.hidden_zero_point, -128, 127));
  }
  for (std::size_t u = 0; u < s; ++u) {
    if (p.projects) {
      // As the gates' sums: what a bias of any file takes beyond 32 bits wraps.
      auto a = static_cast<std::uint32_t>(o.projection_bias ? o.projection_bias[u] : 0);
      for (std::size_t i = 0; i < n; ++i)
        a += static_cast<std::uint32_t>((fresh[i] - p.hidden_zero_point) * o.projection[u * n + i]);
      std::int32_t v = numerics::finish(std::int64_t{numerics::doubling_high_half_away(
                                            static_cast<std::int32_t>(a), p.projection)},
                                        p.state_zero_point, -128, 127);
      if (p.state_clip > 0) v = numerics::clamp(v, -p.state_clip, p.state_clip);
      h[u] = y[u] = static_cast<std::int8_t>(v);
    } else {
      h[u] = y[u] = fresh[u];
    }
  }
}
inline void lstm_whole_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const lstm_params*>(a.params);
  const auto s8 = [&](std::size_t i) { return static_cast<const std::int8_t*>(a.in[i]); };
  const auto s16 = [&](std::size_t i) { return static_cast<const std::int16_t*>(a.in[i]); };
  const auto s32 = [&](std::size_t i) { return static_cast<const std::int32_t*>(a.in[i]); };
  const lstm_operands o{{s8(1), s8(2), s8(3), s8(12)},
                        {s8(4), s8(5), s8(6), s8(13)},
                        {s32(7), s32(8), s32(9), s32(14)},
                        {s16(17), nullptr, s16(18), s16(19)},
                        {s16(20), s16(21), s16(22), s16(23)},
                        s8(15),
                        s32(16)};
  auto* h = static_cast<std::int8_t*>(a.out[1]);
  auto* c = static_cast<std::int16_t*>(a.out[2]);
  auto* y = static_cast<std::int8_t*>(a.out[0]);
  const auto n = as_size(p.units), s = as_size(p.state), batch = as_size(p.batch);
  if (a.in[10] != a.out[1]) std::memcpy(h, a.in[10], batch * s);
  if (a.in[11] != a.out[2]) std::memcpy(c, a.in[11], batch * n * 2);
  auto* gates = static_cast<std::int16_t*>(a.scratch);
  for (std::size_t t = 0; t < as_size(p.steps); ++t)
    for (std::size_t b = 0; b < batch; ++b) {
      const std::size_t at = p.time_major ? t * batch + b : b * as_size(p.steps) + t;
      lstm_step(p, o, s8(0) + at * as_size(p.in_c), h + b * s, c + b * n, y + at * s, gates,
                reinterpret_cast<std::int8_t*>(gates + 4 * n), p.time_major ? b : 0);
    }
}
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
/// The references keep hidden values, in the whole form the gates' as well.
constexpr void lstm_memory(const node_view& n, node_memory& to) {
  to.make<lstm_params>();
  const auto units = as_size(n.in[11].shape[1]);
  to.reference_scratch = 9 * units;
  to.kernel([&](const kernels::target_layout&) {
    return kernels::node_bytes{0, kernels::lstm_scratch(as_size(n.in[0].shape[2]), units)};
  });
}
#if OCTET_HAS_DEFINITIONS
/// Shapes and quantization of everything but x and states.
inline status lstm_check_operands(const node_view& n, const lstm_params& p) {
  const dims wide{p.units, p.in_c}, full{p.units, p.state}, one{p.units}, back{p.state, p.units},
      state{p.state};
  for (std::size_t i = 1; i < n.in.size(); ++i) {
    if (i == 10 || i == 11 || !n.present(i)) continue;
    const bool is_bias = (i >= 7 && i <= 9) || i == 14 || i == 16,
               recurrent = (i >= 4 && i <= 6) || i == 13;
    const dims& want = i == 15              ? back
                       : i == 16            ? state
                       : is_bias || i >= 17 ? one
                       : recurrent          ? full
                                            : wide;
    const tensor_desc& t = n.in[i];
    if (!(t.shape == want)) return violation{rule::weight_count, want, t.shape};
    if (!is_bias && (t.per_channel() || !t.quantized() || t.zero_point() != 0))
      return unsupported("quantization of weights", {}, "one scale, zero point 0");
  }
  return unit{};
}
/// The multipliers of each gate, to the scale of its sums.
inline status lstm_set_gates(const node_view& n, lstm_params& p, const lstm_attrs& a) {
  const tensor_desc &x = n.in[0], &h = n.in[10], &c = n.in[11];
  // Scales of a gate's sums: Q3.12, or as normalization finds them.
  const float sums[] = {static_cast<float>(a.forget_scale), static_cast<float>(a.cell_scale),
                        static_cast<float>(a.output_scale), static_cast<float>(a.input_scale)};
  lstm_params::gate* gates[] = {&p.forget, &p.cell, &p.output, &p.input};
  constexpr std::size_t weights[] = {1, 2, 3, 12}, recurrent[] = {4, 5, 6, 13},
                        peephole[] = {17, 0, 18, 19}, norm[] = {20, 21, 22, 23};
  for (std::size_t i = 0; i < (p.coupled ? 3u : 4u); ++i) {
    const float into = p.normalizes ? sums[i] : 0x1p-12f;
    if (!(into > 0)) return invalid("scale of a gate before its normalization");
    const auto scale = [&](float u, float v) {
      return numerics::quantize_multiplier(
          static_cast<double>(numerics::div(numerics::mul(u, v), into)));
    };
    gates[i]->input = scale(n.in[weights[i]].scale_f32(), x.scale_f32());
    gates[i]->recurrent = scale(n.in[recurrent[i]].scale_f32(), h.scale_f32());
    gates[i]->peeps = i != 1 && n.present(peephole[i]);
    if (gates[i]->peeps) gates[i]->peephole = scale(c.scale_f32(), n.in[peephole[i]].scale_f32());
    if (!p.normalizes) continue;
    const float s = n.in[norm[i]].scale_f32();
    gates[i]->norm = numerics::quantize_multiplier(static_cast<double>(s));
    gates[i]->norm.shift += 12;
    gates[i]->least_variance = std::max(
        1, numerics::clamp_to_int(static_cast<double>(numerics::mul(10000.f, s)), 1, INT32_MAX));
  }
  return unit{};
}
OCTET_INLINE status lstm_prepare(const node_view& n, prepared& to) {
  const tensor_desc &x = n.in[0], &y = n.out[0], &h = n.in[10], &c = n.in[11];
  const auto a = read_attributes<lstm_attrs>(*n.attrs);
  auto& p = to.make<lstm_params>(&reference::lstm_kernel, kernel_id::lstm);
  p.batch = x.shape[a.time_major ? 1 : 0], p.steps = x.shape[a.time_major ? 0 : 1],
  p.in_c = x.shape[2], p.units = c.shape[1], p.state = h.shape[1];
  p.time_major = a.time_major;
  p.coupled = !(n.present(12) && n.present(13) && n.present(14));
  p.projects = n.present(15);
  p.normalizes = n.present(20);
  if (p.coupled && (n.present(12) || n.present(13) || n.present(14)))
    return invalid("an input gate with weights, recurrent weights or bias missing");
  if (!p.projects && p.state != p.units)
    return invalid("hidden state without a projection", std::to_string(p.state),
                   std::to_string(p.units));
  for (std::size_t i = 20; i < 24; ++i)
    if (n.present(i) != (p.normalizes && !(p.coupled && i == 23)))
      return invalid("layer normalization of some gates only");
  if (p.state > p.units && (n.present(17) || n.present(18) || n.present(19)))
    return unsupported("peepholes beside a projection to more values", std::to_string(p.state),
                       "at most as many as units: " + std::to_string(p.units));
  if (p.in_c > 65536 || p.units > 65536)
    return unsupported("units or inputs", std::to_string(std::max(p.in_c, p.units)),
                       "at most 65536: sums stay below 2^31");
  if (auto s = lstm_check_operands(n, p); !s) return s;
  p.in_zero_point = x.zero_point(), p.state_zero_point = h.zero_point();
  p.hidden_zero_point = a.hidden_scale > 0 ? a.hidden_zero_point : y.zero_point();
  // Of what is projected TFLite counts it with the other sign; seen where values saturate.
  if (p.projects) p.hidden_zero_point = -p.hidden_zero_point;
  const auto cell = numerics::detail::split(c.scale());
  p.cell_integer_bits = 15 + cell.e;
  if (cell.m != 1 || p.cell_integer_bits < (p.coupled ? 0 : -15) || p.cell_integer_bits > 9 ||
      c.zero_point() != 0)
    return unsupported(
        "quantization of the cell", std::to_string(c.scale()),
        "a power of two between 2^-30 (coupled gates: 2^-15) and 2^-6, zero point 0");
  if (p.projects || p.normalizes || n.present(17) || n.present(18) || n.present(19) ||
      p.cell_integer_bits < 0) {
    to.reference = &reference::lstm_whole_kernel;
    to.kernel = kernel_id::none;
  }
  if (auto s = lstm_set_gates(n, p, a); !s) return s;
  const double hidden =
      static_cast<double>(a.hidden_scale > 0 ? static_cast<float>(a.hidden_scale) : y.scale_f32());
  p.hidden = numerics::quantize_multiplier(static_cast<double>(
      static_cast<float>(numerics::mul(numerics::div(0x1p-15, hidden), 0x1p-15))));
  if (p.projects) {
    p.projection = numerics::quantize_multiplier(static_cast<double>(numerics::div(
        numerics::mul(n.in[15].scale_f32(), static_cast<float>(hidden)), h.scale_f32())));
    if (a.projection_clip > 0)
      p.state_clip = numerics::clamp_to_int(
          static_cast<double>(numerics::div(static_cast<float>(a.projection_clip), h.scale_f32())),
          1, 127);
  }
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
    {.in = {dtype::s8,  dtype::s8,  dtype::s8,  dtype::s8,  dtype::s8,  dtype::s8,
            dtype::s8,  dtype::s32, dtype::s32, dtype::s32, dtype::s8,  dtype::s16,
            dtype::s8,  dtype::s8,  dtype::s32, dtype::s8,  dtype::s32, dtype::s16,
            dtype::s16, dtype::s16, dtype::s16, dtype::s16, dtype::s16, dtype::s16},
     .out = {dtype::s8, dtype::s8, dtype::s16},
     .roundings = rounding::doubling_high_half_away},
};
constexpr double lstm_macs(const node_view& n) {
  return recurrent_macs(n, {1, 2, 3, 4, 5, 6, 12, 13, 15});
}
inline constexpr op_def qnn_lstm{
    .name = "qnn.lstm",
    .summary = "long short-term memory layer over a sequence",
    .min_inputs = 12,
    .max_inputs = 24,
    .outputs = 3,
    .optional = {12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23},
    .forms = lstm_forms,
    .quantized = true,
    .kernel = kernel_id::lstm,
    .attributes = keys_of<lstm_attrs>,
    .shape = &lstm_op_shape,
    .memory = &lstm_memory,
    .prepare = &lstm_prepare,
    .decide = &laws::tflite_integers,
    .macs = &lstm_macs,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_LSTM_HPP_
