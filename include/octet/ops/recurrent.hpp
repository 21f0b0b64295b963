// lstm, rnn and svdf with float32 values and states: weights are float32, or int8 with the values
// quantized row by row when it runs ("hybrid", what dynamic-range conversion makes).
#ifndef OCTET_OPS_RECURRENT_HPP_
#define OCTET_OPS_RECURRENT_HPP_

#include <algorithm>

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
constexpr float sum_of_four(const float (&lane)[4], lane_order order) noexcept {
  return order == lane_order::in_turn ? add(add(add(lane[0], lane[1]), lane[2]), lane[3])
                                      : add(add(lane[0], lane[2]), add(lane[1], lane[3]));
}
/// to + the dot product of n elements whose whole groups of four are in `lane`: Eigen completes the
/// product first, the vector loops add each product left over to the result.
constexpr float add_lanes(float to, const float (&lane)[4], const float* a, const float* b,
                          std::size_t n, lane_order order) noexcept {
  float sum = sum_of_four(lane, order);
  if (order == lane_order::in_turn) sum = add(to, sum);
  for (std::size_t i = n / 4 * 4; i < n; ++i) sum = add(sum, mul(a[i], b[i]));
  return order == lane_order::in_turn ? sum : add(to, sum);
}
constexpr float add_dot(float to, const float* a, const float* b, std::size_t n,
                        lane_order order) noexcept {
  float lane[4] = {};
  for (std::size_t i = 0; i < n / 4 * 4; ++i) lane[i % 4] = add(lane[i % 4], mul(a[i], b[i]));
  return add_lanes(to, lane, a, b, n, order);
}
}  // namespace numerics

/// A matrix of weights as these layers use it.
struct recurrent_weights {
  std::int32_t rows = 0, columns = 0;
  float scale = 1;  // hybrid
};
/// What one of these layers is computed with.
struct recurrent_form {
  bool hybrid = false;      // int8 weights
  bool asymmetric = false;  // hybrid: vectors have a zero point
  lane_order order = lane_order::in_turn;
};
/// A vector as an operand of products. Hybrid: its codes less their zero point; `zero`: of zeros
/// alone, the framework adds nothing.
struct recurrent_vector {
  const float* x = nullptr;
  const std::int16_t* codes = nullptr;
  float scale = 1;
  bool zero = false;
};
namespace kernels {
/// Most columns of int8 weights whose sums int32 holds.
inline constexpr std::int32_t most_recurrent_columns = INT32_MAX / (128 * 255);
/// Four gates and the hidden values of one step, then codes of its input and of the last hidden
/// values or those that are projected.
constexpr std::size_t float_lstm_scratch(std::size_t inputs, std::size_t units,
                                         std::size_t state) noexcept {
  return 20 * units + 2 * (inputs + (units > state ? units : state));
}
/// One step, then codes of its input and of the last hidden values.
constexpr std::size_t rnn_scratch(std::size_t inputs, std::size_t units) noexcept {
  return 4 * units + 2 * (inputs + units);
}
/// A step's values of all filters, a filter's weights in time, then codes of the input.
constexpr std::size_t float_svdf_scratch(std::size_t inputs, std::size_t filters,
                                         std::size_t memory) noexcept {
  return 4 * (filters + memory) + 2 * inputs;
}
}  // namespace kernels
namespace reference {
constexpr numerics::row_scale scale_of_vector(bool asymmetric, float least, float most) noexcept {
  return asymmetric ? numerics::asymmetric_scale(least, most)
                    : numerics::symmetric_scale(least, most);
}
/// Bounds of codes less the zero point.
constexpr std::int32_t least_code(bool asymmetric, const numerics::row_scale& s) noexcept {
  return (asymmetric ? -128 : -127) - s.zero_point;
}
constexpr std::int32_t most_code(const numerics::row_scale& s) noexcept {
  return 127 - s.zero_point;
}
/// What the layers below do to whole vectors; kernels have the same with lanes.
struct recurrent_scalars {
  /// `room`: of the codes, n of them.
  static recurrent_vector vector(const recurrent_form& f, const float* x, std::size_t n,
                                 std::int16_t* room) noexcept {
    if (!f.hybrid) return {x};
    float least = n ? x[0] : 0.f, most = least;
    bool zero = true;
    for (std::size_t i = 0; i < n; ++i) {
      least = x[i] < least ? x[i] : least;
      most = x[i] > most ? x[i] : most;
      zero &= x[i] == 0;
    }
    const numerics::row_scale s = scale_of_vector(f.asymmetric, least, most);
    for (std::size_t i = 0; i < n; ++i) {
      const float r = numerics::round_half_away(numerics::mul(x[i], s.inverse));
      room[i] = static_cast<std::int16_t>(numerics::clamp_to_int(
          static_cast<double>(r), least_code(f.asymmetric, s), most_code(s)));
    }
    return {x, room, s.scale, zero};
  }
  /// to[row] += row of weights times v.
  static void add_product(const recurrent_form& f, const recurrent_weights& w, const void* weights,
                          const recurrent_vector& v, float* to) noexcept {
    const auto columns = as_size(w.columns);
    if (!f.hybrid) {
      const auto* real = static_cast<const float*>(weights);
      for (std::int32_t r = 0; r < w.rows; ++r)
        to[r] = numerics::add_dot(to[r], real + as_size(r) * columns, v.x, columns, f.order);
      return;
    }
    if (v.zero) return;
    const auto* s8 = static_cast<const std::int8_t*>(weights);
    const float scale = numerics::mul(v.scale, w.scale);
    for (std::int32_t r = 0; r < w.rows; ++r) {
      std::int64_t sum = 0;
      const std::int8_t* row = s8 + as_size(r) * columns;
      for (std::size_t i = 0; i < columns; ++i) sum += row[i] * v.codes[i];
      to[r] = numerics::add(to[r], numerics::mul(static_cast<float>(sum), scale));
    }
  }
  static void tanh(float* z, std::size_t n) noexcept {
    for (std::size_t u = 0; u < n; ++u) z[u] = numerics::tanh_vector(z[u]);
  }
  /// `in_vectors`: those that the framework computes in vectors.
  static void logistic(float* z, std::size_t n, numerics::vector_elements in_vectors) noexcept {
    for (std::size_t u = 0; u < n; ++u)
      z[u] = u >= in_vectors.first && u < in_vectors.last ? numerics::logistic_vector(z[u])
                                                          : numerics::logistic_scalar(z[u]);
  }
  /// c = c * forget + cell * input; no input: 1 - forget.
  static void update(float* c, const float* forget, const float* cell, const float* input,
                     std::size_t n) noexcept {
    for (std::size_t u = 0; u < n; ++u) {
      const float i = input != nullptr ? input[u] : numerics::sub(1.f, forget[u]);
      c[u] = numerics::add(numerics::mul(c[u], forget[u]), numerics::mul(cell[u], i));
    }
  }
  static void multiply(float* z, const float* by, std::size_t n) noexcept {
    for (std::size_t u = 0; u < n; ++u) z[u] = numerics::mul(z[u], by[u]);
  }
};
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
  bool time_major = false, coupled = false, projects = false, normalizes = false;
  recurrent_form form{.order = lane_order::crossed};
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
/// A row to mean 0 and variance 1, its sums in order.
inline void normalize_row(float* z, std::size_t n) noexcept {
  const auto count = static_cast<float>(n);
  float sum = 0, squares = 0;
  for (std::size_t i = 0; i < n; ++i) sum = numerics::add(sum, z[i]);
  const float mean = numerics::div(sum, count);
  for (std::size_t i = 0; i < n; ++i) {
    z[i] = numerics::sub(z[i], mean);
    squares = numerics::add(squares, numerics::mul(z[i], z[i]));
  }
  const float variance = numerics::div(squares, count);
  const float inverse = numerics::div(1.f, numerics::sqrt_f32(numerics::add(variance, 1e-8f)));
  for (std::size_t i = 0; i < n; ++i) z[i] = numerics::mul(z[i], inverse);
}
/// The part of v that lies in [at, at + n), counted from there.
constexpr numerics::vector_elements part_in(numerics::vector_elements v, std::size_t at,
                                            std::size_t n) noexcept {
  const auto within = [&](std::size_t i) { return i < at ? 0 : i - at < n ? i - at : n; };
  return {within(v.first), within(v.last)};
}
/// A gate's sums to its values; `peephole`: which input holds its weights, 0: none.
template <class Vectors>
void finish_float_gate(const float_lstm_params& p, const kernel_args& a, std::size_t g,
                       std::size_t peephole, std::size_t b, const float* c, float* z) noexcept {
  const auto n = as_size(p.units), batch = as_size(p.batch);
  const auto f32 = [&](std::size_t i) { return static_cast<const float*>(a.in[i]); };
  if (peephole != 0 && a.in[peephole] != nullptr)
    for (std::size_t u = 0; u < n; ++u)
      z[u] = numerics::add(
          z[u],
          numerics::mul(weight_at(a.in[peephole], p.form.hybrid, p.peephole_scale[g], u), c[u]));
  if (p.normalizes) {
    normalize_row(z, n);
    for (std::size_t u = 0; u < n; ++u)
      z[u] = numerics::add(numerics::mul(z[u], f32(20 + g)[u]), f32(12 + g)[u]);
  }
  if (g == 2) return Vectors::tanh(z, n);
  // Where the framework keeps a gate's values, in rows of batch * units.
  constexpr std::size_t row_of[] = {0, 2, 1, 3}, coupled_row_of[] = {0, 1, 0, 2};
  const std::size_t row = (p.coupled ? coupled_row_of : row_of)[g] * batch * n;
  Vectors::logistic(z, n,
                    p.time_major ? part_in(numerics::elements_in_vectors(row, batch * n), b * n, n)
                                 : numerics::elements_in_vectors(row + b * n, n));
}
/// One step of one batch entry. `room`: kernels::float_lstm_scratch.
template <class Vectors>
void float_lstm_step(const float_lstm_params& p, const kernel_args& a, const float* x,
                     std::size_t b, float* h, float* c, float* y, float* room) noexcept {
  const auto n = as_size(p.units), s = as_size(p.state);
  auto *codes = reinterpret_cast<std::int16_t*>(room + 5 * n), *more = codes + p.in_c;
  const auto f32 = [&](std::size_t i) { return static_cast<const float*>(a.in[i]); };
  const recurrent_vector input_row = Vectors::vector(p.form, x, as_size(p.in_c), codes),
                         hidden = Vectors::vector(p.form, h, s, more);
  for (std::size_t g = p.coupled ? 1 : 0; g < 4; ++g) {
    float* z = room + g * n;
    for (std::size_t u = 0; u < n; ++u) z[u] = p.normalizes ? 0.f : f32(12 + g)[u];
    Vectors::add_product(p.form, p.input[g], a.in[1 + g], input_row, z);
    Vectors::add_product(p.form, p.recurrent[g], a.in[5 + g], hidden, z);
  }
  float *input = room, *forget = room + n, *cell = room + 2 * n, *output = room + 3 * n;
  if (!p.coupled) finish_float_gate<Vectors>(p, a, 0, 9, b, c, input);
  finish_float_gate<Vectors>(p, a, 1, 10, b, c, forget);
  finish_float_gate<Vectors>(p, a, 2, 0, b, c, cell);
  Vectors::update(c, forget, cell, p.coupled ? nullptr : input, n);
  if (p.cell_clip > 0)
    for (std::size_t u = 0; u < n; ++u) c[u] = numerics::clamp(c[u], -p.cell_clip, p.cell_clip);
  finish_float_gate<Vectors>(p, a, 3, 11, b, c, output);
  float* fresh = room + 4 * n;
  std::copy_n(c, n, fresh);
  Vectors::tanh(fresh, n);
  Vectors::multiply(fresh, output, n);
  if (p.projects) {
    for (std::size_t u = 0; u < s; ++u) h[u] = a.in[17] ? f32(17)[u] : 0.f;
    Vectors::add_product(p.form, p.projection, a.in[16], Vectors::vector(p.form, fresh, n, more),
                         h);
    if (p.state_clip > 0)
      for (std::size_t u = 0; u < s; ++u) h[u] = numerics::clamp(h[u], -p.state_clip, p.state_clip);
  } else {
    std::copy_n(fresh, s, h);
  }
  std::copy_n(h, s, y);
}
template <class Vectors> void float_lstm_call(const kernel_args& a) noexcept {
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
      float_lstm_step<Vectors>(p, a, static_cast<const float*>(a.in[0]) + at * as_size(p.in_c), b,
                               h + b * s, c + b * n, y + at * s, static_cast<float*>(a.scratch));
    }
}
inline void float_lstm_kernel(const kernel_args& a) noexcept {
  float_lstm_call<recurrent_scalars>(a);
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
constexpr void float_lstm_memory(const node_view& n, node_memory& to) {
  to.make<float_lstm_params>();
  to.reference_scratch = kernels::float_lstm_scratch(
      as_size(n.in[0].shape[2]), as_size(n.in[19].shape[1]), as_size(n.in[18].shape[1]));
  to.kernel([&](const kernels::target_layout&) {
    return kernels::node_bytes{0, to.reference_scratch};
  });
}
inline status float_lstm_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<float_lstm_attrs>(*n.attrs);
  const dims &x = n.in[0].shape, &h = n.in[18].shape, &c = n.in[19].shape;
  auto& p = to.make<float_lstm_params>(&reference::float_lstm_kernel, kernel_id::float_lstm);
  p.batch = x[a.time_major ? 1 : 0], p.steps = x[a.time_major ? 0 : 1], p.in_c = x[2];
  p.units = c[1], p.state = h[1];
  p.time_major = a.time_major, p.form.asymmetric = a.asymmetric;
  p.cell_clip = static_cast<float>(a.cell_clip), p.state_clip = static_cast<float>(a.state_clip);
  p.form.hybrid = n.in[2].type == dtype::s8;
  p.coupled = !n.present(1);
  p.projects = n.present(16);
  p.normalizes = n.present(21);
  if (!p.form.hybrid && p.time_major && p.batch > 1)
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
    if (matrix && (n.in[i].type == dtype::s8) != p.form.hybrid)
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
    .kernel = kernel_id::float_lstm,
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
  bool time_major = false, is_tanh = false;
  recurrent_form form;
  float min = 0, max = 0;
  recurrent_weights input, recurrent;
};
namespace reference {
template <class Vectors> void rnn_call(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const rnn_params*>(a.params);
  const auto n = as_size(p.units), batch = as_size(p.batch), steps = as_size(p.steps),
             k = as_size(p.in_c);
  auto *y = static_cast<float*>(a.out[0]), *h = static_cast<float*>(a.out[1]),
       *z = static_cast<float*>(a.scratch);
  auto *codes = reinterpret_cast<std::int16_t*>(z + n), *more = codes + k;
  if (a.in[4] != a.out[1]) std::memcpy(h, a.in[4], batch * n * sizeof(float));
  for (std::size_t t = 0; t < steps; ++t)
    for (std::size_t b = 0; b < batch; ++b) {
      const std::size_t at = p.time_major ? t * batch + b : b * steps + t;
      std::copy_n(static_cast<const float*>(a.in[3]), n, z);
      const float* const row = static_cast<const float*>(a.in[0]) + at * k;
      Vectors::add_product(p.form, p.input, a.in[1], Vectors::vector(p.form, row, k, codes), z);
      Vectors::add_product(p.form, p.recurrent, a.in[2],
                           Vectors::vector(p.form, h + b * n, n, more), z);
      if (p.is_tanh)
        Vectors::tanh(z, n);
      else
        for (std::size_t u = 0; u < n; ++u) z[u] = numerics::clamp(z[u], p.min, p.max);
      std::copy_n(z, n, h + b * n);
      std::copy_n(z, n, y + at * n);
    }
}
inline void rnn_kernel(const kernel_args& a) noexcept { rnn_call<recurrent_scalars>(a); }
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
  to.reference_scratch = kernels::rnn_scratch(as_size(n.in[0].shape[2]), as_size(n.in[4].shape[1]));
  to.kernel([&](const kernels::target_layout&) {
    return kernels::node_bytes{0, to.reference_scratch};
  });
}
inline status rnn_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<rnn_attrs>(*n.attrs);
  const dims &x = n.in[0].shape, &w = n.in[1].shape;
  auto& p = to.make<rnn_params>(&reference::rnn_kernel, kernel_id::rnn);
  p.batch = x[a.time_major ? 1 : 0], p.steps = x[a.time_major ? 0 : 1], p.in_c = x[2];
  p.units = w[0];
  p.time_major = a.time_major, p.form.asymmetric = a.asymmetric;
  p.form.hybrid = n.in[1].type == dtype::s8;
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
    .kernel = kernel_id::rnn,
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
  recurrent_form form;
  float min = 0, max = 0;
  recurrent_weights feature;
  float time_scale = 1;
};
namespace reference {
template <class Vectors> void float_svdf_call(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const float_svdf_params*>(a.params);
  const auto filters = as_size(p.filters), memory = as_size(p.memory);
  auto *y = static_cast<float*>(a.out[0]), *state = static_cast<float*>(a.out[1]),
       *fresh = static_cast<float*>(a.scratch), *time = fresh + filters;
  auto* codes = reinterpret_cast<std::int16_t*>(time + memory);
  if (a.in[3] != a.out[1]) std::memcpy(state, a.in[3], as_size(p.batch) * filters * memory * 4);
  for (std::size_t b = 0; b < as_size(p.batch); ++b) {
    std::fill_n(fresh, filters, 0.f);
    const auto inputs = as_size(p.in_c);
    const float* const row = static_cast<const float*>(a.in[0]) + b * inputs;
    Vectors::add_product(p.form, p.feature, a.in[1], Vectors::vector(p.form, row, inputs, codes),
                         fresh);
    for (std::int32_t u = 0; u < p.units; ++u) {
      float sum = 0;
      for (std::int32_t k = 0; k < p.rank; ++k) {
        const auto f = as_size(u * p.rank + k);
        float* past = state + (b * filters + f) * memory;
        for (std::size_t i = 0; i + 1 < memory; ++i) past[i] = past[i + 1];
        past[memory - 1] = fresh[f];
        for (std::size_t i = 0; i < memory; ++i)
          time[i] = weight_at(a.in[2], p.form.hybrid, p.time_scale, f * memory + i);
        sum = numerics::add(sum, numerics::add_dot(0.f, time, past, memory, lane_order::in_turn));
      }
      if (a.in[4]) sum = numerics::add(sum, static_cast<const float*>(a.in[4])[u]);
      y[b * as_size(p.units) + as_size(u)] = numerics::clamp(sum, p.min, p.max);
    }
  }
}
inline void float_svdf_kernel(const kernel_args& a) noexcept {
  float_svdf_call<recurrent_scalars>(a);
}
}  // namespace reference
namespace ops {
constexpr void float_svdf_memory(const node_view& n, node_memory& to) {
  to.make<float_svdf_params>();
  const dims &w = n.in[1].shape, &t = n.in[2].shape;
  to.reference_scratch = kernels::float_svdf_scratch(as_size(w[1]), as_size(w[0]), as_size(t[1]));
  to.kernel([&](const kernels::target_layout&) {
    return kernels::node_bytes{0, to.reference_scratch};
  });
}
inline status float_svdf_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<float_svdf_attrs>(*n.attrs);
  auto& p = to.make<float_svdf_params>(&reference::float_svdf_kernel, kernel_id::float_svdf);
  const dims &x = n.in[0].shape, &w = n.in[1].shape, &t = n.in[2].shape, &y = n.out[0].shape;
  p.batch = x[0], p.in_c = x[1], p.filters = w[0], p.memory = t[1], p.units = y[1], p.rank = a.rank;
  p.form.hybrid = n.in[1].type == dtype::s8, p.form.asymmetric = a.asymmetric;
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
    .kernel = kernel_id::float_svdf,
    .attributes = keys_of<float_clamp_attrs, float_svdf_attrs, svdf_attrs>,
    .shape = &svdf_op_shape,
    .memory = &float_svdf_memory,
    .prepare = &float_svdf_prepare,
    .macs = &svdf_macs,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_RECURRENT_HPP_
