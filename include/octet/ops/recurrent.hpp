// lstm, rnn and svdf with float32 values and states: weights are float32, or int8 with the values
// quantized row by row when it runs ("hybrid", what dynamic-range conversion makes).
#ifndef OCTET_OPS_RECURRENT_HPP_
#define OCTET_OPS_RECURRENT_HPP_

#include "octet/numerics/vector_math.hpp"
#include "octet/ops/dynamic.hpp"
#include "octet/ops/svdf.hpp"
#include "octet/ops/work.hpp"

OCTET_NAMESPACE_BEGIN

/// Where TensorFlow Lite adds float32 products in lanes of four: lane k holds the products k, k +
/// 4,
/// ... of the full groups of four; then the lanes are added, then the products left over, one by
/// one.
enum class lane_order : std::uint8_t {
  in_turn,  // ((0 + 1) + 2) + 3: its own vector loops
  crossed   // (0 + 2) + (1 + 3): Eigen's matrix-vector product
};
namespace numerics {
constexpr float dot_in_lanes(const float* a, const float* b, std::size_t n, lane_order order,
                             float& left_over) noexcept {
  float lane[4] = {};
  const std::size_t whole = n / 4 * 4;
  for (std::size_t i = 0; i < whole; ++i) lane[i % 4] = add(lane[i % 4], mul(a[i], b[i]));
  left_over = 0;
  return order == lane_order::in_turn ? add(add(add(lane[0], lane[1]), lane[2]), lane[3])
                                      : add(add(lane[0], lane[2]), add(lane[1], lane[3]));
}
/// to + the dot product: Eigen completes the product first, the vector loops add each product left
/// over to the result.
constexpr float add_dot(float to, const float* a, const float* b, std::size_t n,
                        lane_order order) noexcept {
  float unused = 0;
  const std::size_t whole = n / 4 * 4;
  float sum = dot_in_lanes(a, b, n, order, unused);
  if (order == lane_order::in_turn) sum = add(to, sum);
  for (std::size_t i = whole; i < n; ++i) sum = add(sum, mul(a[i], b[i]));
  return order == lane_order::in_turn ? sum : add(to, sum);
}
}  // namespace numerics

/// A matrix of weights as these layers use it.
struct recurrent_weights {
  std::int32_t rows = 0, columns = 0;
  float scale = 1;  // hybrid
};
namespace reference {
/// A vector quantized for int8 weights.
struct quantized_vector {
  float scale = 1;
  std::int32_t zero_point = 0;
  bool zero = true;  // of zeros alone: the framework adds nothing
};
inline quantized_vector quantize_vector(const float* x, std::size_t n, bool asymmetric,
                                        std::int8_t* q) noexcept {
  float least = n ? x[0] : 0.f, most = least;
  bool zero = true;
  for (std::size_t i = 0; i < n; ++i) {
    least = x[i] < least ? x[i] : least;
    most = x[i] > most ? x[i] : most;
    zero &= x[i] == 0;
  }
  const numerics::row_scale s =
      asymmetric ? numerics::asymmetric_scale(least, most) : numerics::symmetric_scale(least, most);
  for (std::size_t i = 0; i < n; ++i) {
    const float r = numerics::round_half_away(numerics::mul(x[i], s.inverse));
    q[i] = static_cast<std::int8_t>(numerics::clamp_to_int(static_cast<double>(r) + s.zero_point,
                                                           asymmetric ? -128 : -127, 127));
  }
  return {s.scale, s.zero_point, zero};
}
/// to[row] += row of weights times x. `q`: room for x quantized.
inline void add_product(const recurrent_weights& w, const void* weights, const float* x,
                        bool hybrid, bool asymmetric, lane_order order, std::int8_t* q,
                        float* to) noexcept {
  const auto columns = as_size(w.columns);
  if (!hybrid) {
    const auto* f = static_cast<const float*>(weights);
    for (std::int32_t r = 0; r < w.rows; ++r)
      to[r] = numerics::add_dot(to[r], f + as_size(r) * columns, x, columns, order);
    return;
  }
  const quantized_vector v = quantize_vector(x, columns, asymmetric, q);
  if (v.zero) return;
  const auto* s8 = static_cast<const std::int8_t*>(weights);
  const float scale = numerics::mul(v.scale, w.scale);
  for (std::int32_t r = 0; r < w.rows; ++r) {
    std::int64_t sum = 0;
    const std::int8_t* row = s8 + as_size(r) * columns;
    for (std::size_t i = 0; i < columns; ++i) sum += row[i] * (q[i] - v.zero_point);
    to[r] = numerics::add(to[r], numerics::mul(static_cast<float>(sum), scale));
  }
}
/// Element i of float32 weights, or of int8 ones times their scale.
inline float weight_at(const void* weights, bool hybrid, float scale, std::size_t i) noexcept {
  return hybrid
             ? numerics::mul(static_cast<float>(static_cast<const std::int8_t*>(weights)[i]), scale)
             : static_cast<const float*>(weights)[i];
}
}  // namespace reference

/// Element types of these layers: weights float32 or int8.
inline constexpr type_set recurrent_weight_types{dtype::f32, dtype::s8};

namespace detail {
/// A weight's scale; refused where it is not one for all.
inline status one_scale(const node_view& n, std::size_t i, float& to) {
  if (!n.present(i) || n.in[i].type == dtype::f32) return unit{};
  const tensor_desc& w = n.in[i];
  if (!w.quantized() || w.per_channel() || w.zero_point() != 0)
    return unsupported("quantization of weights", {}, "one scale, zero point 0");
  to = w.scale_f32();
  return unit{};
}
}  // namespace detail

// ---- lstm ----

struct float_lstm_attrs {
  bool time_major = false;               // x and y are [T, B, C], else [B, T, C]
  double cell_clip = 0, state_clip = 0;  // > 0: bounds of the cell, of the projection
  bool asymmetric = false;               // hybrid: with a zero point for each row
  static constexpr auto fields = field_list{field{"time_major", &float_lstm_attrs::time_major},
                                            field{"cell_clip", &float_lstm_attrs::cell_clip},
                                            field{"state_clip", &float_lstm_attrs::state_clip},
                                            field{"asymmetric", &float_lstm_attrs::asymmetric}};
};
/// Inputs, gates in the order input, forget, cell, output: 0 x [.., .., C]; 1..4 input weights [N,
/// C]; 5..8 recurrent weights [N, O]; 9..11 peepholes of input, forget and output gate [N]; 12..15
/// biases [N]; 16, 17 projection [O, N] and its bias [O] (absent: O = N); 18 hidden state [B, O];
/// 19 cell state [B, N]; 20..23 layer normalization [N]. Without 1, 5, 9, 12, 20 the input gate is
/// 1 - forget gate. Outputs: y [.., .., O], the two states.
///
/// z = bias (0 with layer normalization) + W x + R h + peephole * c (the output gate's with the new
/// cell), normalized: (z - mean) / sqrt(variance + 1e-8) * weights + bias; i, f, o = logistic(z), g
/// = tanh(z), c = f c + i g, h = o tanh(c) or P (o tanh(c)) + bias. One rounding for each of these
/// steps, sums in lanes of four (lane_order), logistic and tanh as numerics/vector_math.hpp has
/// them: logistic in vectors of four where its results lie at a multiple of 16 bytes.
struct float_lstm_params {
  std::int32_t batch = 0, steps = 0, in_c = 0, units = 0, state = 0;
  bool time_major = false, coupled = false, hybrid = false, asymmetric = false, projects = false,
       normalizes = false;
  float cell_clip = 0, state_clip = 0;
  recurrent_weights input[4], recurrent[4], projection;
  float peephole_scale[4] = {};
};
constexpr shape_or float_lstm_shape(bool time_major, const dims& x, const dims& w, const dims& r,
                                    const dims& h, const dims& c) {
  if (x.rank != 3 || w.rank != 2 || r.rank != 2 || h.rank != 2)
    return violation{rule::rank, dims{0, 0, 0}, x.rank != 3 ? x : w.rank != 2 ? w : h};
  if (w[1] != x[2]) return violation{rule::channels, dims{x[2]}, dims{w[1]}};
  if (r[0] != w[0]) return violation{rule::weight_count, dims{w[0], r[1]}, r};
  const std::int32_t batch = x[time_major ? 1 : 0];
  if (!(h == dims{batch, r[1]})) return violation{rule::shapes_differ, dims{batch, r[1]}, h};
  if (!(c == dims{batch, w[0]})) return violation{rule::shapes_differ, dims{batch, w[0]}, c};
  return dims{x[0], x[1], r[1]};
}
namespace reference {
/// A row to mean 0 and variance 1, its sums in lanes of four.
inline void normalize_row(float* z, std::size_t n) noexcept {
  const auto sum_of = [n](const auto& element) {
    float lane[4] = {};
    const std::size_t whole = n / 4 * 4;
    for (std::size_t i = 0; i < whole; ++i) lane[i % 4] = numerics::add(lane[i % 4], element(i));
    float sum = numerics::add(numerics::add(numerics::add(lane[0], lane[1]), lane[2]), lane[3]);
    for (std::size_t i = whole; i < n; ++i) sum = numerics::add(sum, element(i));
    return sum;
  };
  const auto count = static_cast<float>(n);
  const float mean = numerics::div(sum_of([&](std::size_t i) { return z[i]; }), count);
  for (std::size_t i = 0; i < n; ++i) z[i] = numerics::sub(z[i], mean);
  const float variance =
      numerics::div(sum_of([&](std::size_t i) { return numerics::mul(z[i], z[i]); }), count);
  const float inverse = numerics::div(1.f, numerics::sqrt_f32(numerics::add(variance, 1e-8f)));
  for (std::size_t i = 0; i < n; ++i) z[i] = numerics::mul(z[i], inverse);
}
/// One step of one batch entry. `room`: 5 * units floats, then the bytes of a quantized vector.
inline void float_lstm_step(const float_lstm_params& p, const kernel_args& a, const float* x,
                            std::size_t b, float* h, float* c, float* y, float* room) noexcept {
  const auto n = as_size(p.units), s = as_size(p.state), batch = as_size(p.batch);
  auto* q = reinterpret_cast<std::int8_t*>(room + 5 * n);
  const auto f32 = [&](std::size_t i) { return static_cast<const float*>(a.in[i]); };
  for (std::size_t g = p.coupled ? 1 : 0; g < 4; ++g) {
    float* z = room + g * n;
    for (std::size_t u = 0; u < n; ++u) z[u] = p.normalizes ? 0.f : f32(12 + g)[u];
    add_product(p.input[g], a.in[1 + g], x, p.hybrid, p.asymmetric, lane_order::crossed, q, z);
    add_product(p.recurrent[g], a.in[5 + g], h, p.hybrid, p.asymmetric, lane_order::crossed, q, z);
  }
  // Where the framework keeps a gate's values, in rows of batch * units.
  constexpr std::size_t row_of[] = {0, 2, 1, 3}, coupled_row_of[] = {0, 1, 0, 2};
  const auto finish_gate = [&](std::size_t g, std::size_t peephole) {
    float* z = room + g * n;
    if (peephole != 0 && a.in[peephole] != nullptr)
      for (std::size_t u = 0; u < n; ++u)
        z[u] = numerics::add(
            z[u], numerics::mul(weight_at(a.in[peephole], p.hybrid, p.peephole_scale[g], u), c[u]));
    if (p.normalizes) {
      normalize_row(z, n);
      for (std::size_t u = 0; u < n; ++u)
        z[u] = numerics::add(numerics::mul(z[u], f32(20 + g)[u]), f32(12 + g)[u]);
    }
    const std::size_t row = (p.coupled ? coupled_row_of : row_of)[g] * batch * n,
                      begin = p.time_major ? row : row + b * n, at = p.time_major ? b * n : 0,
                      count = p.time_major ? batch * n : n;
    for (std::size_t u = 0; u < n; ++u)
      z[u] = g == 2                                      ? numerics::tanh_vector(z[u])
             : numerics::in_vector(begin, count, at + u) ? numerics::logistic_vector(z[u])
                                                         : numerics::logistic_scalar(z[u]);
  };
  if (!p.coupled) finish_gate(0, 9);
  finish_gate(1, 10), finish_gate(2, 0);
  const float *input = room, *forget = room + n, *cell = room + 2 * n, *output = room + 3 * n;
  for (std::size_t u = 0; u < n; ++u) {
    const float i = p.coupled ? numerics::sub(1.f, forget[u]) : input[u];
    c[u] = numerics::add(numerics::mul(c[u], forget[u]), numerics::mul(cell[u], i));
    if (p.cell_clip > 0) c[u] = numerics::clamp(c[u], -p.cell_clip, p.cell_clip);
  }
  finish_gate(3, 11);
  float* fresh = room + 4 * n;
  for (std::size_t u = 0; u < n; ++u)
    fresh[u] = numerics::mul(numerics::tanh_vector(c[u]), output[u]);
  if (p.projects) {
    for (std::size_t u = 0; u < s; ++u) h[u] = a.in[17] ? f32(17)[u] : 0.f;
    add_product(p.projection, a.in[16], fresh, p.hybrid, p.asymmetric, lane_order::crossed, q, h);
    if (p.state_clip > 0)
      for (std::size_t u = 0; u < s; ++u) h[u] = numerics::clamp(h[u], -p.state_clip, p.state_clip);
  } else {
    std::copy_n(fresh, s, h);
  }
  std::copy_n(h, s, y);
}
inline void float_lstm_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const float_lstm_params*>(a.params);
  const auto n = as_size(p.units), s = as_size(p.state), batch = as_size(p.batch),
             steps = as_size(p.steps);
  auto *y = static_cast<float*>(a.out[0]), *h = static_cast<float*>(a.out[1]),
       *c = static_cast<float*>(a.out[2]);
  if (a.in[18] != a.out[1]) std::memcpy(h, a.in[18], batch * s * sizeof(float));
  if (a.in[19] != a.out[2]) std::memcpy(c, a.in[19], batch * n * sizeof(float));
  for (std::size_t t = 0; t < steps; ++t)
    for (std::size_t b = 0; b < batch; ++b) {
      const std::size_t at = p.time_major ? t * batch + b : b * steps + t;
      float_lstm_step(p, a, static_cast<const float*>(a.in[0]) + at * as_size(p.in_c), b, h + b * s,
                      c + b * n, y + at * s, static_cast<float*>(a.scratch));
    }
}
}  // namespace reference
namespace ops {
constexpr status float_lstm_op_shape(const node_view& n, std::span<dims> out) {
  if (n.in.size() < 20 || out.size() != 3)
    return violation{rule::input_count, dims{20}, dims{static_cast<std::int32_t>(n.in.size())}};
  const shape_or s =
      float_lstm_shape(read_attributes<float_lstm_attrs>(*n.attrs).time_major, n.in[0].shape,
                       n.in[2].shape, n.in[6].shape, n.in[18].shape, n.in[19].shape);
  if (s.broken) return s.broken;
  out[0] = s.shape, out[1] = n.in[18].shape, out[2] = n.in[19].shape;
  return unit{};
}
/// Four gates and the hidden values of one step; the longest vector that is quantized.
constexpr void float_lstm_memory(const node_view& n, node_memory& to) {
  to.make<float_lstm_params>();
  const auto units = as_size(n.in[19].shape[1]);
  to.reference_scratch =
      20 * units + std::max({units, as_size(n.in[0].shape[2]), as_size(n.in[18].shape[1])});
}
inline status float_lstm_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<float_lstm_attrs>(*n.attrs);
  const dims &x = n.in[0].shape, &h = n.in[18].shape, &c = n.in[19].shape;
  auto& p = to.make<float_lstm_params>(&reference::float_lstm_kernel);
  p.batch = x[a.time_major ? 1 : 0], p.steps = x[a.time_major ? 0 : 1], p.in_c = x[2];
  p.units = c[1], p.state = h[1];
  p.time_major = a.time_major, p.asymmetric = a.asymmetric;
  p.cell_clip = static_cast<float>(a.cell_clip), p.state_clip = static_cast<float>(a.state_clip);
  p.hybrid = n.in[2].type == dtype::s8;
  p.coupled = !n.present(1);
  p.projects = n.present(16);
  p.normalizes = n.present(21);
  if (!p.hybrid && p.time_major && p.batch > 1)
    return unsupported("float32 weights, time-major, with more than one sequence", {},
                       "batch-major: the order of a matrix product's sums is not known");
  const dims wide{p.units, p.in_c}, full{p.units, p.state}, one{p.units}, back{p.state, p.units};
  for (std::size_t i = 1; i < n.in.size(); ++i) {
    const bool matrix = i <= 8 || i == 16;
    if (i == 18 || i == 19) continue;
    const bool of_input_gate = i == 1 || i == 5 || i == 9 || i == 12 || i == 20;
    if (n.present(i) && p.coupled && of_input_gate)
      return invalid("an input gate with weights, recurrent weights or bias missing");
    const bool needed = (i <= 8 || (i >= 12 && i <= 15) || (p.normalizes && i >= 20)) &&
                        !(p.coupled && of_input_gate);
    if (needed && !n.present(i)) return invalid("input " + std::to_string(i), "absent");
    if (!n.present(i)) continue;
    const dims& want = i <= 4    ? wide
                       : i <= 8  ? full
                       : i == 16 ? back
                       : i == 17 ? dims{p.state}
                                 : one;
    if (!(n.in[i].shape == want)) return violation{rule::weight_count, want, n.in[i].shape};
    if (matrix && (n.in[i].type == dtype::s8) != p.hybrid)
      return unsupported("weights of float32 and of int8 in one layer");
  }
  for (std::size_t g = 0; g < 4; ++g) {
    p.input[g] = {p.units, p.in_c, 1}, p.recurrent[g] = {p.units, p.state, 1};
    if (auto s = detail::one_scale(n, 1 + g, p.input[g].scale); !s) return s;
    if (auto s = detail::one_scale(n, 5 + g, p.recurrent[g].scale); !s) return s;
  }
  p.projection = {p.state, p.units, 1};
  if (auto s = detail::one_scale(n, 16, p.projection.scale); !s) return s;
  constexpr std::size_t peephole[] = {9, 10, 0, 11};
  for (std::size_t g = 0; g < 4; ++g)
    if (peephole[g] != 0)
      if (auto s = detail::one_scale(n, peephole[g], p.peephole_scale[g]); !s) return s;
  if (!p.projects && p.state != p.units)
    return invalid("hidden state without a projection", std::to_string(p.state),
                   std::to_string(p.units));
  return unit{};
}
inline constexpr form float_lstm_forms[] = {
    {.in = {dtype::f32, dtype::f32, dtype::f32, dtype::f32, dtype::f32, dtype::f32,
            dtype::f32, dtype::f32, dtype::f32, dtype::f32, dtype::f32, dtype::f32,
            dtype::f32, dtype::f32, dtype::f32, dtype::f32, dtype::f32, dtype::f32,
            dtype::f32, dtype::f32, dtype::f32, dtype::f32, dtype::f32, dtype::f32},
     .out = {dtype::f32, dtype::f32, dtype::f32}},
    {.in = {dtype::f32, dtype::s8,  dtype::s8,  dtype::s8,  dtype::s8,  dtype::s8,
            dtype::s8,  dtype::s8,  dtype::s8,  dtype::s8,  dtype::s8,  dtype::s8,
            dtype::f32, dtype::f32, dtype::f32, dtype::f32, dtype::s8,  dtype::f32,
            dtype::f32, dtype::f32, dtype::f32, dtype::f32, dtype::f32, dtype::f32},
     .out = {dtype::f32, dtype::f32, dtype::f32}},
};
constexpr double float_lstm_macs(const node_view& n) {
  return recurrent_macs(n, {1, 2, 3, 4, 5, 6, 7, 8, 16});
}
inline constexpr op_def float_lstm{
    .name = "lstm",
    .summary = "long short-term memory layer over a sequence of float32",
    .min_inputs = 20,
    .max_inputs = 24,
    .outputs = 3,
    .optional = {1, 5, 9, 10, 11, 12, 16, 17, 20, 21, 22, 23},
    .forms = float_lstm_forms,
    .attributes = keys_of<float_lstm_attrs>,
    .shape = &float_lstm_op_shape,
    .memory = &float_lstm_memory,
    .prepare = &float_lstm_prepare,
    .macs = &float_lstm_macs,
};
}  // namespace ops

// ---- rnn ----

struct rnn_attrs {
  bool time_major = false, asymmetric = false, tanh = false;  // else a clamp, as add has it
  static constexpr auto fields =
      field_list{field{"time_major", &rnn_attrs::time_major},
                 field{"asymmetric", &rnn_attrs::asymmetric}, field{"tanh", &rnn_attrs::tanh}};
};
/// Inputs: 0 x [.., .., C]; 1 weights [N, C]; 2 recurrent weights [N, N]; 3 bias [N]; 4 hidden
/// state [B, N]. Outputs: y [.., .., N], the state. h = tanh or clamp(bias + W x + R h).
struct rnn_params {
  std::int32_t batch = 0, steps = 0, in_c = 0, units = 0;
  bool time_major = false, hybrid = false, asymmetric = false, is_tanh = false;
  float min = 0, max = 0;
  recurrent_weights input, recurrent;
};
namespace reference {
inline void rnn_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const rnn_params*>(a.params);
  const auto n = as_size(p.units), batch = as_size(p.batch), steps = as_size(p.steps),
             k = as_size(p.in_c);
  auto *y = static_cast<float*>(a.out[0]), *h = static_cast<float*>(a.out[1]),
       *z = static_cast<float*>(a.scratch);
  auto* q = reinterpret_cast<std::int8_t*>(z + n);
  if (a.in[4] != a.out[1]) std::memcpy(h, a.in[4], batch * n * sizeof(float));
  for (std::size_t t = 0; t < steps; ++t)
    for (std::size_t b = 0; b < batch; ++b) {
      const std::size_t at = p.time_major ? t * batch + b : b * steps + t;
      std::copy_n(static_cast<const float*>(a.in[3]), n, z);
      add_product(p.input, a.in[1], static_cast<const float*>(a.in[0]) + at * k, p.hybrid,
                  p.asymmetric, lane_order::in_turn, q, z);
      add_product(p.recurrent, a.in[2], h + b * n, p.hybrid, p.asymmetric, lane_order::in_turn, q,
                  z);
      for (std::size_t u = 0; u < n; ++u)
        h[b * n + u] = y[at * n + u] =
            p.is_tanh ? numerics::tanh_vector(z[u]) : numerics::clamp(z[u], p.min, p.max);
    }
}
}  // namespace reference
namespace ops {
constexpr status rnn_op_shape(const node_view& n, std::span<dims> out) {
  if (n.in.size() < 5 || out.size() != 2)
    return violation{rule::input_count, dims{5}, dims{static_cast<std::int32_t>(n.in.size())}};
  const dims &x = n.in[0].shape, &w = n.in[1].shape, &r = n.in[2].shape, &h = n.in[4].shape;
  if (x.rank != 3 || w.rank != 2) return violation{rule::rank, dims{0, 0, 0}, x};
  if (w[1] != x[2]) return violation{rule::channels, dims{x[2]}, dims{w[1]}};
  if (!(r == dims{w[0], w[0]})) return violation{rule::weight_count, dims{w[0], w[0]}, r};
  const dims state{x[read_attributes<rnn_attrs>(*n.attrs).time_major ? 1 : 0], w[0]};
  if (!(h == state)) return violation{rule::shapes_differ, state, h};
  out[0] = dims{x[0], x[1], w[0]}, out[1] = h;
  return unit{};
}
constexpr void rnn_memory(const node_view& n, node_memory& to) {
  to.make<rnn_params>();
  const auto units = as_size(n.in[4].shape[1]);
  to.reference_scratch = 4 * units + std::max(units, as_size(n.in[0].shape[2]));
}
inline status rnn_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<rnn_attrs>(*n.attrs);
  const dims &x = n.in[0].shape, &w = n.in[1].shape;
  auto& p = to.make<rnn_params>(&reference::rnn_kernel);
  p.batch = x[a.time_major ? 1 : 0], p.steps = x[a.time_major ? 0 : 1], p.in_c = x[2];
  p.units = w[0];
  p.time_major = a.time_major, p.asymmetric = a.asymmetric;
  p.hybrid = n.in[1].type == dtype::s8;
  p.is_tanh = a.tanh;
  const auto c = read_attributes<float_clamp_attrs>(*n.attrs);
  p.min = static_cast<float>(c.float_lo), p.max = static_cast<float>(c.float_hi);
  p.input = {p.units, p.in_c, 1}, p.recurrent = {p.units, p.units, 1};
  if (auto s = detail::one_scale(n, 1, p.input.scale); !s) return s;
  if (auto s = detail::one_scale(n, 2, p.recurrent.scale); !s) return s;
  if (!(n.in[3].shape == dims{p.units}))
    return violation{rule::bias_count, dims{p.units}, n.in[3].shape};
  return unit{};
}
inline constexpr form rnn_forms[] = {
    {.in = {dtype::f32, recurrent_weight_types, like(1), dtype::f32, dtype::f32},
     .out = {dtype::f32, dtype::f32}},
};
constexpr double rnn_macs(const node_view& n) { return recurrent_macs(n, {1, 2}); }
inline constexpr op_def rnn{
    .name = "rnn",
    .summary = "simple recurrent layer over a sequence of float32",
    .min_inputs = 5,
    .max_inputs = 5,
    .outputs = 2,
    .forms = rnn_forms,
    .attributes = keys_of<float_clamp_attrs, rnn_attrs>,
    .shape = &rnn_op_shape,
    .memory = &rnn_memory,
    .prepare = &rnn_prepare,
    .macs = &rnn_macs,
};
}  // namespace ops

// ---- svdf ----

struct float_svdf_attrs {
  std::int32_t rank = 1;  // filters per unit
  bool asymmetric = false;
  static constexpr auto fields = field_list{field{"rank", &float_svdf_attrs::rank},
                                            field{"asymmetric", &float_svdf_attrs::asymmetric}};
};
/// Inputs: 0 x [B, C]; 1 feature weights [F, C]; 2 time weights [F, M]; 3 state [B, F * M]; 4 bias
/// [F / rank] (optional). Outputs: y [B, F / rank], the state. Each filter's memory moves one step
/// to the past and takes W x as its newest value; y = clamp(sum over the unit's filters of memory
/// * time weights, + bias).
struct float_svdf_params {
  std::int32_t batch = 0, in_c = 0, filters = 0, memory = 0, units = 0, rank = 1;
  bool hybrid = false, asymmetric = false;
  float min = 0, max = 0;
  recurrent_weights feature;
  float time_scale = 1;
};
namespace reference {
inline void float_svdf_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const float_svdf_params*>(a.params);
  const auto filters = as_size(p.filters), memory = as_size(p.memory);
  auto *y = static_cast<float*>(a.out[0]), *state = static_cast<float*>(a.out[1]),
       *fresh = static_cast<float*>(a.scratch), *time = fresh + filters;
  auto* q = reinterpret_cast<std::int8_t*>(time + memory);
  if (a.in[3] != a.out[1]) std::memcpy(state, a.in[3], as_size(p.batch) * filters * memory * 4);
  for (std::size_t b = 0; b < as_size(p.batch); ++b) {
    std::fill_n(fresh, filters, 0.f);
    add_product(p.feature, a.in[1], static_cast<const float*>(a.in[0]) + b * as_size(p.in_c),
                p.hybrid, p.asymmetric, lane_order::in_turn, q, fresh);
    for (std::int32_t u = 0; u < p.units; ++u) {
      float sum = 0;
      for (std::int32_t k = 0; k < p.rank; ++k) {
        const auto f = as_size(u * p.rank + k);
        float* past = state + (b * filters + f) * memory;
        for (std::size_t i = 0; i + 1 < memory; ++i) past[i] = past[i + 1];
        past[memory - 1] = fresh[f];
        for (std::size_t i = 0; i < memory; ++i)
          time[i] = weight_at(a.in[2], p.hybrid, p.time_scale, f * memory + i);
        sum = numerics::add(sum, numerics::add_dot(0.f, time, past, memory, lane_order::in_turn));
      }
      if (a.in[4]) sum = numerics::add(sum, static_cast<const float*>(a.in[4])[u]);
      y[b * as_size(p.units) + as_size(u)] = numerics::clamp(sum, p.min, p.max);
    }
  }
}
}  // namespace reference
namespace ops {
constexpr void float_svdf_memory(const node_view& n, node_memory& to) {
  to.make<float_svdf_params>();
  const dims &w = n.in[1].shape, &t = n.in[2].shape;
  to.reference_scratch = 4 * (as_size(w[0]) + as_size(t[1])) + as_size(w[1]);
}
inline status float_svdf_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<float_svdf_attrs>(*n.attrs);
  auto& p = to.make<float_svdf_params>(&reference::float_svdf_kernel);
  const dims &x = n.in[0].shape, &w = n.in[1].shape, &t = n.in[2].shape, &y = n.out[0].shape;
  p.batch = x[0], p.in_c = x[1], p.filters = w[0], p.memory = t[1], p.units = y[1], p.rank = a.rank;
  p.hybrid = n.in[1].type == dtype::s8, p.asymmetric = a.asymmetric;
  const auto c = read_attributes<float_clamp_attrs>(*n.attrs);
  p.min = static_cast<float>(c.float_lo), p.max = static_cast<float>(c.float_hi);
  p.feature = {p.filters, p.in_c, 1};
  if (auto s = detail::one_scale(n, 1, p.feature.scale); !s) return s;
  if (auto s = detail::one_scale(n, 2, p.time_scale); !s) return s;
  if (n.present(4) && !(n.in[4].shape == dims{p.units}))
    return violation{rule::bias_count, dims{p.units}, n.in[4].shape};
  return unit{};
}
inline constexpr form float_svdf_forms[] = {
    {.in = {dtype::f32, recurrent_weight_types, like(1), dtype::f32, dtype::f32},
     .out = {dtype::f32, dtype::f32}},
};
inline constexpr op_def float_svdf{
    .name = "svdf",
    .summary = "layer factored into features and time, float32",
    .min_inputs = 4,
    .max_inputs = 5,
    .outputs = 2,
    .optional = {4},
    .forms = float_svdf_forms,
    .attributes = keys_of<float_clamp_attrs, float_svdf_attrs, svdf_attrs>,
    .shape = &svdf_op_shape,
    .memory = &float_svdf_memory,
    .prepare = &float_svdf_prepare,
    .macs = &svdf_macs,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_RECURRENT_HPP_
