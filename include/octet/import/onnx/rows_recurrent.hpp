// LSTM, DynamicQuantizeLSTM, GRU and RNN, step by step: a network has as many copies of the cell as
// the sequence is long.
#ifndef OCTET_IMPORT_ONNX_ROWS_RECURRENT_HPP_
#define OCTET_IMPORT_ONNX_ROWS_RECURRENT_HPP_

#include "octet/import/onnx/rows_transformers.hpp"
#include "octet/laws/recurrent.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

/// Entry d of a constant's first axis. `turned`: a matrix, rows and columns exchanged.
inline value entry_of(emitter& m, const value& v, int d, bool turned = false) {
  const auto a = m.constant(v, "a parameter of LSTM");
  if (!a) return {};
  dims s;
  for (int i = 1; i < a->shape.rank; ++i) s.push_back(a->shape[i]);
  const std::size_t bytes = s.elements().value * size_of(a->type);
  const auto from = a->data.bytes.subspan(as_size(d) * bytes, bytes);
  if (!turned) return value::of(m.new_constant("", a->type, s, from));
  if (!m.check(m.to.work.spend(bytes))) return {};
  const auto rows = as_size(s[0]), columns = as_size(s[1]), size = size_of(a->type);
  std::vector<std::byte> moved(bytes);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t k = 0; k < columns; ++k)
      std::memcpy(moved.data() + (k * rows + r) * size, from.data() + (r * columns + k) * size,
                  size);
  return value::of(m.new_constant(v.name, a->type, dims{s[1], s[0]}, moved));
}
/// Where inputs are: DynamicQuantizeLSTM has scales, and its weights lie the other way.
struct recurrent {
  bool dynamic = false, reverse = false;
  std::int32_t steps = 0, batch = 0, inputs = 0, hidden = 0;
  int direction = 0;
  tensor_id lengths = no_tensor;  // [batch, 1], where sequences may be shorter than the input
};
/// Whether step t belongs to each sequence, [batch, 1].
inline tensor_id belongs(emitter& m, const recurrent& r, std::int32_t t) {
  return m.made(ops::greater, {r.lengths, m.to.scalar_constant(t)}, dtype::boolean);
}
/// `now` where step t belongs to a sequence, else `otherwise`.
inline tensor_id within_length(emitter& m, const recurrent& r, std::int32_t t, tensor_id now,
                               tensor_id otherwise) {
  if (m.failed() || r.lengths == no_tensor) return now;
  return m.made(ops::select, {belongs(m, r, t), now, otherwise}, dtype::f32);
}
/// One direction.
struct recurrent_result {
  std::vector<tensor_id> states;  // [1, 1, batch, hidden] each, in the order of the sequence
  tensor_id h = no_tensor, c = no_tensor;  // [1, batch, hidden], the last ones
};
/// Weights of one direction, [4 hidden, inputs], and what a dynamic product needs besides.
struct recurrent_weights {
  tensor_id w = no_tensor, sums = no_tensor, scale = no_tensor;
  std::size_t columns = 1;  // zero points
};
inline recurrent_weights read_recurrent_weights(emitter& m, const call& c, const recurrent& r,
                                                std::size_t weights, std::size_t scale) {
  recurrent_weights y;
  y.w = entry_of(m, c.in[weights], r.direction, r.dynamic).id;
  if (m.failed() || !r.dynamic) return y;
  zero_point z;
  if (c.has(scale + 1)) z.known = m.zero_points_of(entry_of(m, c.in[scale + 1], r.direction));
  y.scale = entry_of(m, c.in[scale], r.direction).id;
  if (m.failed()) return y;
  y.columns = z.known.size();
  m.set(y.w, codes(z, 0), 0);
  const dims row{1, m.tensor_of(y.w).shape[1]};
  const tensor_id ones = m.filled(row, std::uint8_t{1});
  if (m.failed()) return y;
  m.set(ones, codes({}), -1);
  y.sums = m.accumulate(ops::fully_connected, {ones, y.w}, {}, std::vector<double>(y.columns, 1.));
  return y;
}
/// x of floats by the weights; dynamic: x becomes codes of its own scale first.
inline tensor_id recurrent_product(emitter& m, const recurrent_weights& w, tensor_id x,
                                   bool dynamic) {
  if (!dynamic) return m.made(ops::float_fully_connected, {x, w.w}, dtype::f32, keep_dims());
  const auto q = quantized_dynamically(m, value::of(x));
  if (m.failed()) return no_tensor;
  const tensor_id raw = m.under(value::of(q[0]), false, codes({})),
                  zero = m.made(ops::cast, {q[2]}, dtype::s32);
  if (m.failed()) return no_tensor;
  const tensor_id sums = m.accumulate(ops::fully_connected, {raw, w.w}, keep_dims(),
                                      std::vector<double>(w.columns, 1.)),
                  taken = integers_of(m, ops::mul, {w.sums, zero}),
                  exact = integers_of(m, ops::sub, {sums, taken}),
                  scale = m.made(ops::mul, {q[1], w.scale}, dtype::f32);
  return m.made(ops::mul, {m.made(ops::cast, {exact}, dtype::f32), scale}, dtype::f32);
}
inline recurrent_result one_direction(emitter& m, call& c, const recurrent& r) {
  recurrent_result y;
  const auto state = [&](std::size_t i) {
    if (!c.has(i)) return m.filled(dims{r.batch, r.hidden}, 0.f);
    const tensor_id all = m.held(c.in[i], false);
    return m.reshaped(part_of_axis(m, all, 0, r.direction, 1), dims{r.batch, r.hidden});
  };
  const auto of_f32 = [&](const op_def& op, std::vector<tensor_id> in) {
    return m.made(op, std::move(in), dtype::f32);
  };
  tensor_id bias = no_tensor;
  if (c.has(3)) {
    const auto b = m.constant_floats(c.in[3], "a bias of LSTM");
    if (m.failed()) return y;
    const auto gates = 4 * as_size(r.hidden);
    std::vector<float> sum;
    for (std::size_t i = 0; i < gates; ++i) {
      const std::size_t at = as_size(r.direction) * 2 * gates + i;
      sum.push_back(numerics::add(b[at], b[at + gates]));
    }
    bias = m.new_constant("", dims{4 * r.hidden}, sum);
  }
  tensor_id h = state(5), cell = state(6);
  const tensor_id none = r.lengths == no_tensor ? no_tensor : m.to.scalar_constant(0.f);
  const recurrent_weights of_x = read_recurrent_weights(m, c, r, 1, 8),
                          of_h = read_recurrent_weights(m, c, r, 2, 10);
  if (m.failed()) return y;
  const tensor_id of_inputs = recurrent_product(m, of_x, m.held(c.in[0], false), r.dynamic);
  y.states.resize(as_size(r.steps));
  for (std::int32_t k = 0; k < r.steps && !m.failed(); ++k) {
    const std::int32_t t = r.reverse ? r.steps - 1 - k : k;
    const tensor_id x =
        m.reshaped(part_of_axis(m, of_inputs, 0, t, 1), dims{r.batch, 4 * r.hidden});
    tensor_id gates = of_f32(ops::add, {x, recurrent_product(m, of_h, h, r.dynamic)});
    if (bias != no_tensor) gates = of_f32(ops::add, {gates, bias});
    const auto gate = [&](int i, const op_def& function) {
      return of_f32(function, {part_of_axis(m, gates, 1, std::int64_t{i} * r.hidden, r.hidden)});
    };
    const tensor_id in = gate(0, ops::logistic), out = gate(1, ops::logistic),
                    forget = gate(2, ops::logistic), candidate = gate(3, ops::tanh);
    const tensor_id now =
        of_f32(ops::add, {of_f32(ops::mul, {forget, cell}), of_f32(ops::mul, {in, candidate})});
    const tensor_id next = of_f32(ops::mul, {out, of_f32(ops::tanh, {now})});
    y.states[as_size(t)] =
        m.reshaped(within_length(m, r, t, next, none), dims{1, 1, r.batch, r.hidden});
    cell = within_length(m, r, t, now, cell), h = within_length(m, r, t, next, h);
  }
  h = within_length(m, r, 0, h, none), cell = within_length(m, r, 0, cell, none);
  y.h = m.reshaped(h, dims{1, r.batch, r.hidden});
  y.c = m.reshaped(cell, dims{1, r.batch, r.hidden});
  return y;
}
/// What all of them ask for besides weights.
inline void plain_recurrence(emitter& m, const call& c, std::span<const char* const> functions) {
  if (m.integer(c, "layout", 0) != 0) m.refuse("layout", "1", "0");
  if (c.n.find("clip")) m.refuse("clip of " + c.n.op);
  if (const attribute* a = c.n.find("activations"))
    for (std::size_t i = 0; i < a->texts.size(); ++i)
      if (a->texts[i] != functions[i % functions.size()])
        m.refuse("activations of " + c.n.op, a->texts[i], functions[i % functions.size()]);
  const std::string direction = m.text(c, "direction", "forward");
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional")
    m.broken("direction", direction);
}
/// How long each sequence is: as the input, or shorter, also computed ones. Quantized states of a
/// batch share a scale, which nothing says of those that have ended.
inline void read_lengths(emitter& m, const call& c, recurrent& r) {
  if (!c.has(4) || m.failed()) return;
  if (m.type(c.in[4]) != dtype::s32 || !(m.shape(c.in[4]) == dims{r.batch}))
    return m.broken("lengths of sequences",
                    std::string(name_of(m.type(c.in[4]))) + " " + to_string(m.shape(c.in[4])),
                    "int32 " + to_string(dims{r.batch}));
  bool whole = m.is_constant(c.in[4]);
  if (whole)
    for (const std::int64_t length : m.constant_integers(c.in[4], "lengths of sequences")) {
      if (length < 0 || length > r.steps)
        return m.broken("a length of a sequence", std::to_string(length),
                        "0 to " + std::to_string(r.steps));
      whole &= length == r.steps;
    }
  if (whole) return;
  if (r.dynamic) return m.refuse("lengths of sequences of DynamicQuantizeLSTM", {}, "all steps");
  r.lengths = m.reshaped(m.held(c.in[4], false), dims{r.batch, 1});
}
/// x [steps, batch, inputs], weights, recurrent weights, [bias], [lengths], [h], [c], [peepholes];
/// dynamic: then scale and zero point of both weights.
template <bool Dynamic> void lstm_row(emitter& m, call& c) {
  if (!m.arity(c, 3, Dynamic ? 12 : 8) || !m.is_real(c.in[0])) return;
  constexpr const char* functions[] = {"Sigmoid", "Tanh", "Tanh"};
  plain_recurrence(m, c, functions);
  if (m.integer(c, "input_forget", 0) != 0) m.refuse("input_forget", "1", "0");
  if (c.has(7)) m.refuse("peepholes of LSTM");
  const std::string direction = m.text(c, "direction", "forward");
  const dims x = m.shape(c.in[0]), w = m.shape(c.in[1]), r = m.shape(c.in[2]);
  const std::int32_t directions = direction == "bidirectional" ? 2 : 1;
  if (m.failed()) return;
  if (x.rank != 3 || w.rank != 3 || r.rank != 3 || x[0] < 1)
    return m.broken("ranks of LSTM's input and weights");
  recurrent one;
  one.dynamic = Dynamic;
  one.steps = x[0], one.batch = x[1], one.inputs = x[2];
  one.hidden = Dynamic ? r[1] : r[2];
  if (one.hidden < 1 || one.hidden > 1 << 20) return m.broken("hidden size", to_string(r));
  const dims gates = Dynamic ? dims{directions, one.inputs, 4 * one.hidden}
                             : dims{directions, 4 * one.hidden, one.inputs},
             back = Dynamic ? dims{directions, one.hidden, 4 * one.hidden}
                            : dims{directions, 4 * one.hidden, one.hidden};
  if (!(w == gates) || !(r == back))
    return m.broken("shapes of LSTM's weights", to_string(w) + ", " + to_string(r),
                    to_string(gates) + ", " + to_string(back));
  if (c.has(3) && !(m.shape(c.in[3]) == dims{directions, 8 * one.hidden}))
    return m.broken("shape of LSTM's bias", to_string(m.shape(c.in[3])));
  for (std::size_t i : {5u, 6u})
    if (c.has(i) && !(m.shape(c.in[i]) == dims{directions, one.batch, one.hidden}))
      return m.broken("shape of LSTM's state", to_string(m.shape(c.in[i])));
  read_lengths(m, c, one);
  if (Dynamic)
    for (std::size_t i : {8u, 9u, 10u, 11u}) {
      if (i % 2 == 1 && !c.has(i)) continue;
      const dims s = c.has(i) ? m.shape(c.in[i]) : dims{};
      if (!(s == dims{directions}) && !(s == dims{directions, 4 * one.hidden}))
        return m.broken("shape of scales or zero points of LSTM", to_string(s));
    }
  std::vector<tensor_id> all, h, cell;
  for (std::int32_t d = 0; d < directions && !m.failed(); ++d) {
    one.direction = d;
    one.reverse = d == 1 || direction == "reverse";
    recurrent_result y = one_direction(m, c, one);
    if (m.failed()) return;
    all.push_back(joined_on(m, std::move(y.states), 0));
    h.push_back(y.h), cell.push_back(y.c);
  }
  const tensor_id states = joined_on(m, std::move(all), 1), last = joined_on(m, std::move(h), 0),
                  cells = joined_on(m, std::move(cell), 0);
  if (!m.failed()) c.out = {value::of(states), value::of(last), value::of(cells)};
}

inline tensor_id real_result(emitter& m, const op_def& op, std::vector<tensor_id> in) {
  return m.made(op, std::move(in), dtype::f32);
}
/// t + bias, or t where there is no bias.
inline tensor_id with_bias(emitter& m, tensor_id t, tensor_id bias) {
  return bias == no_tensor || m.failed() ? t : real_result(m, ops::add, {t, bias});
}
/// p(x) / q(x), near tanh(x): x times a polynomial of x^2 of degree 6 over one of degree 3, every
/// step rounded (rnn_helpers.cc of ONNX Runtime); x is held within [-bound, bound].
inline tensor_id gru_ratio(emitter& m, tensor_id x, float bound, float factor) {
  constexpr std::array above{-2.76076847742355e-16f, 2.00018790482477e-13f, -8.60467152213735e-11f,
                             5.12229709037114e-08f,  1.48572235717979e-05f, 6.37261928875436e-04f,
                             4.89352455891786e-03f};
  constexpr std::array below{1.19825839466702e-06f, 1.18534705686654e-04f, 2.26843463243900e-03f,
                             4.89352518554385e-03f};
  const auto with = [&](const op_def& op, tensor_id t, float number) {
    return real_result(m, op, {t, m.to.scalar_constant(number)});
  };
  x = with(ops::maximum, with(ops::minimum, x, bound), -bound);
  if (factor != 1) x = with(ops::mul, x, factor);
  const tensor_id square = real_result(m, ops::square, {x});
  const auto polynomial = [&](std::span<const float> numbers) {
    tensor_id y = with(ops::mul, square, numbers[0]);
    for (std::size_t k = 1; k < numbers.size(); ++k) {
      if (k > 1) y = real_result(m, ops::mul, {square, y});
      y = with(ops::add, y, numbers[k]);
    }
    return y;
  };
  return real_result(m, ops::div,
                     {real_result(m, ops::mul, {x, polynomial(above)}), polynomial(below)});
}
inline tensor_id gru_tanh(emitter& m, tensor_id x) { return gru_ratio(m, x, 10.f, 1.f); }
/// Of the reset gate alone; the update gate is the usual logistic function.
inline tensor_id gru_logistic(emitter& m, tensor_id x) {
  const tensor_id y =
      real_result(m, ops::add, {m.to.scalar_constant(1.f), gru_ratio(m, x, 20.f, 0.5f)});
  return real_result(m, ops::mul, {m.to.scalar_constant(0.5f), y});
}
/// sum + x w, w [N, K] constant: the chains of the product join the sum one after another.
inline tensor_id joined_product(emitter& m, tensor_id x, tensor_id w, tensor_id sum) {
  attributes a;
  a.set("adj_y", std::int64_t{1});
  return m.made(ops::batch_matmul, {x, w, sum}, dtype::f32, std::move(a));
}
/// What a step of GRU takes of its parameters: weights of the state for the first two gates and
/// for the last; biases (all or none) of the update, reset and last gate, each f32(Wb + Rb), and
/// where the last gate resets after its product, Wb and Rb of it apart.
struct gru_parameters {
  tensor_id first = no_tensor, last = no_tensor;
  tensor_id update_bias = no_tensor, reset_bias = no_tensor, last_bias = no_tensor,
            state_bias = no_tensor;
  bool reset_after = false;
};
inline gru_parameters read_gru(emitter& m, const call& c, const recurrent& r) {
  gru_parameters p;
  p.reset_after = m.integer(c, "linear_before_reset", 0) != 0;
  const tensor_id back = entry_of(m, c.in[2], r.direction).id;
  p.first = part_of_axis(m, back, 0, 0, 2 * r.hidden);
  p.last = part_of_axis(m, back, 0, 2 * r.hidden, r.hidden);
  if (!c.has(3)) return p;
  const tensor_id both = entry_of(m, c.in[3], r.direction).id;
  const auto part = [&](std::int64_t k) {
    return part_of_axis(m, both, 0, k * r.hidden, r.hidden);
  };
  const auto sum = [&](std::int64_t k) { return real_result(m, ops::add, {part(k), part(k + 3)}); };
  p.update_bias = sum(0), p.reset_bias = sum(1);
  p.last_bias = p.reset_after ? part(2) : sum(2);
  if (p.reset_after) p.state_bias = part(5);
  return p;
}
/// The state of GRU after a step. x: the input's part of all gates [batch, 3 hidden].
inline tensor_id gru_state(emitter& m, const recurrent& r, const gru_parameters& p, tensor_id x,
                           tensor_id h) {
  const auto gate = [&](tensor_id of, std::int64_t i) {
    return part_of_axis(m, of, 1, i * r.hidden, r.hidden);
  };
  const tensor_id sums = joined_product(m, h, p.first, part_of_axis(m, x, 1, 0, 2 * r.hidden)),
                  z = real_result(m, ops::logistic, {with_bias(m, gate(sums, 0), p.update_bias)}),
                  reset = gru_logistic(m, with_bias(m, gate(sums, 1), p.reset_bias));
  tensor_id candidate = no_tensor;
  if (p.reset_after) {
    const tensor_id seen = p.state_bias == no_tensor
                               ? real_result(m, ops::float_fully_connected, {h, p.last})
                               : joined_product(m, h, p.last, p.state_bias);
    candidate = real_result(m, ops::add, {gate(x, 2), real_result(m, ops::mul, {reset, seen})});
  } else {
    candidate = joined_product(m, real_result(m, ops::mul, {reset, h}), p.last, gate(x, 2));
  }
  candidate = gru_tanh(m, with_bias(m, candidate, p.last_bias));
  const tensor_id left = real_result(m, ops::sub, {m.to.scalar_constant(1.f), z});
  return real_result(
      m, ops::add, {real_result(m, ops::mul, {left, candidate}), real_result(m, ops::mul, {z, h})});
}
/// exp(x), rounded once.
inline tensor_id rounded_exp(emitter& m, tensor_id x) {
  if (m.failed()) return no_tensor;
  const tensor_id y = m.to.temporary("", dtype::f32);
  import::node_options plain;
  plain.decided = laws::exp_of_rnn();
  return m.check(m.to.emit(ops::exp, {x}, {y}, {}, plain)) ? y : no_tensor;
}
/// 2 s(2 x) - 1, near tanh(x): s(z) = 1 / (1 + exp(-z)), below 0 exp(z) / (1 + exp(z)), every step
/// rounded (rnn_activation_functors.h of ONNX Runtime, whose exp is the C library's).
inline tensor_id rnn_tanh(emitter& m, tensor_id x) {
  const auto with = [&](const op_def& op, tensor_id t, float number) {
    return real_result(m, op, {t, m.to.scalar_constant(number)});
  };
  const tensor_id z = with(ops::mul, x, 2.f),
                  e = rounded_exp(m, real_result(m, ops::neg, {real_result(m, ops::abs, {z})})),
                  sum = with(ops::add, e, 1.f),
                  above = real_result(m, ops::div, {m.to.scalar_constant(1.f), sum}),
                  below = real_result(m, ops::div, {e, sum}),
                  positive =
                      m.made(ops::greater_equal, {z, m.to.scalar_constant(0.f)}, dtype::boolean),
                  s = real_result(m, ops::select, {positive, above, below});
  return with(ops::sub, with(ops::mul, s, 2.f), 1.f);
}
/// One direction of GRU (gates z, r, h) or RNN (one gate; `relu`: in place of tanh).
inline recurrent_result simple_direction(emitter& m, call& c, const recurrent& r, bool gru,
                                         bool relu) {
  recurrent_result y;
  const std::int32_t width = (gru ? 3 : 1) * r.hidden;
  tensor_id h = c.has(5) ? m.reshaped(part_of_axis(m, m.held(c.in[5], false), 0, r.direction, 1),
                                      dims{r.batch, r.hidden})
                         : m.filled(dims{r.batch, r.hidden}, 0.f);
  const tensor_id w = entry_of(m, c.in[1], r.direction).id,
                  back = gru ? no_tensor : entry_of(m, c.in[2], r.direction).id;
  const gru_parameters p = gru ? read_gru(m, c, r) : gru_parameters{};
  tensor_id of_inputs =
      m.made(ops::float_fully_connected, {m.held(c.in[0], false), w}, dtype::f32, keep_dims());
  if (!gru && c.has(3)) {
    const tensor_id both = entry_of(m, c.in[3], r.direction).id;
    of_inputs = with_bias(m, of_inputs,
                          real_result(m, ops::add,
                                      {part_of_axis(m, both, 0, 0, r.hidden),
                                       part_of_axis(m, both, 0, r.hidden, r.hidden)}));
  }
  y.states.resize(as_size(r.steps));
  const tensor_id none = r.lengths == no_tensor ? no_tensor : m.to.scalar_constant(0.f);
  for (std::int32_t k = 0; k < r.steps && !m.failed(); ++k) {
    const std::int32_t t = r.reverse ? r.steps - 1 - k : k;
    const tensor_id x = m.reshaped(part_of_axis(m, of_inputs, 0, t, 1), dims{r.batch, width});
    tensor_id now = no_tensor;
    if (gru) {
      now = gru_state(m, r, p, x, h);
    } else {
      const tensor_id product = real_result(m, ops::float_fully_connected, {h, back});
      const tensor_id sum = real_result(m, ops::add, {product, x});
      now = relu ? real_result(m, ops::relu, {sum}) : rnn_tanh(m, sum);
    }
    y.states[as_size(t)] =
        m.reshaped(within_length(m, r, t, now, none), dims{1, 1, r.batch, r.hidden});
    h = within_length(m, r, t, now, h);
  }
  h = within_length(m, r, 0, h, none);
  y.h = m.reshaped(h, dims{1, r.batch, r.hidden});
  return y;
}
/// x [steps, batch, inputs], weights, recurrent weights, [bias], [lengths], [h].
template <bool Gru> void simple_recurrence_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 6) || !m.is_real(c.in[0])) return;
  constexpr const char* gru[] = {"Sigmoid", "Tanh"};
  const attribute* named = c.n.find("activations");
  const bool relu = !Gru && named && !named->texts.empty() && named->texts[0] == "Relu";
  const char* const rnn[] = {relu ? "Relu" : "Tanh"};
  if constexpr (Gru)
    plain_recurrence(m, c, gru);
  else
    plain_recurrence(m, c, rnn);
  const std::string direction = m.text(c, "direction", "forward");
  const dims x = m.shape(c.in[0]), w = m.shape(c.in[1]), back = m.shape(c.in[2]);
  const std::int32_t directions = direction == "bidirectional" ? 2 : 1, gates = Gru ? 3 : 1;
  if (m.failed()) return;
  if (x.rank != 3 || back.rank != 3 || x[0] < 1 || back[2] < 1 || back[2] > 1 << 20)
    return m.broken("ranks of " + c.n.op + "'s input and weights");
  recurrent one;
  one.steps = x[0], one.batch = x[1], one.inputs = x[2], one.hidden = back[2];
  const std::int32_t width = gates * one.hidden;
  if (!(w == dims{directions, width, one.inputs}) || !(back == dims{directions, width, one.hidden}))
    return m.broken("shapes of " + c.n.op + "'s weights", to_string(w) + ", " + to_string(back),
                    to_string(dims{directions, width, one.inputs}));
  if (c.has(3) && !(m.shape(c.in[3]) == dims{directions, 2 * width}))
    return m.broken("shape of the bias", to_string(m.shape(c.in[3])));
  if (c.has(5) && !(m.shape(c.in[5]) == dims{directions, one.batch, one.hidden}))
    return m.broken("shape of the state", to_string(m.shape(c.in[5])));
  read_lengths(m, c, one);
  std::vector<tensor_id> all, h;
  for (std::int32_t d = 0; d < directions && !m.failed(); ++d) {
    one.direction = d;
    one.reverse = d == 1 || direction == "reverse";
    recurrent_result y = simple_direction(m, c, one, Gru, relu);
    if (m.failed()) return;
    all.push_back(joined_on(m, std::move(y.states), 0));
    h.push_back(y.h);
  }
  const tensor_id states = joined_on(m, std::move(all), 1), last = joined_on(m, std::move(h), 0);
  if (!m.failed()) c.out = {value::of(states), value::of(last)};
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_RECURRENT_HPP_
