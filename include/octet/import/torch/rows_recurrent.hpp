// Rows of recurrent layers. A recurrent layer is unrolled over the sequence, whose
// length the file or the caller gives: each step is a few nodes, in PyTorch's order of operations.
#ifndef OCTET_IMPORT_TORCH_ROWS_RECURRENT_HPP_
#define OCTET_IMPORT_TORCH_ROWS_RECURRENT_HPP_

#include <algorithm>
#include <numeric>

#include "octet/import/torch/rows_float.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

enum class cell_kind : std::uint8_t { lstm, gru, rnn_tanh, rnn_relu };

/// Places in what has no names in a file: the state of an LSTM (`hx`), the parameters of a layer
/// and direction (a projection is the last of them), the gates in the rows of a layer's weights.
namespace state_place {
enum : std::size_t { h, c, of_lstm, of_others = 1 };
}
namespace weight_place {
enum : std::size_t { input, state, input_bias, state_bias, with_biases, without_biases = 2 };
}
namespace lstm_gate {
enum : std::size_t { in, forget, fresh, out, all };
}
namespace gru_gate {
enum : std::size_t { reset, keep, fresh, all };
}
/// How many tensors the state of a cell has.
constexpr std::size_t states_of(cell_kind what) {
  return what == cell_kind::lstm ? state_place::of_lstm : state_place::of_others;
}

/// A layer of one direction: what multiplies its input and its state. Either packed parameters of
/// dynamic layers, or float weights and biases.
struct cell_weights {
  const packed_data *packed_input = nullptr, *packed_state = nullptr;
  bool reduce_range = false;
  tensor_data *input = nullptr, *state = nullptr, *input_bias = nullptr, *state_bias = nullptr,
              *projection = nullptr;  // of an LSTM's state
};
inline step gates_of(emitter& e, const step& x, const packed_data* packed, tensor_data* w,
                     tensor_data* b, bool reduce_range) {
  if (!x) return x;
  if (packed) return step_of(dynamic_linear(e, **x, *packed, reduce_range, false));
  return linear_of(e, x, w, b);
}
inline step input_gates(emitter& e, const step& x, const cell_weights& w) {
  return gates_of(e, x, w.packed_input, w.input, w.input_bias, w.reduce_range);
}
inline step state_gates(emitter& e, const step& h, const cell_weights& w) {
  return gates_of(e, h, w.packed_state, w.state, w.state_bias, w.reduce_range);
}
/// [B, n * H] in n parts.
inline result<std::vector<tensor_data*>> parts_of(emitter& e, const step& x, std::size_t n) {
  if (!x) return x.error();
  const std::int64_t width = (*x)->size.back();
  if (as_size(width) % n != 0)
    return invalid("gates of " + e.operator_name(), std::to_string(width),
                   "a multiple of " + std::to_string(n));
  const auto in = e.held(**x, false);
  if (!in) return in.error();
  std::vector<tensor_id> ids;
  for (std::size_t i = 0; i < n; ++i) ids.push_back(e.make(scalar::f32));
  attributes attrs;
  attrs.set("axis", std::int64_t{(*x)->rank() - 1});
  if (auto s = e.c.build.emit(ops::split, {*in}, ids, std::move(attrs)); !s) return s.error();
  std::vector<tensor_data*> out;
  for (tensor_id id : ids) out.push_back(e.wrap(id, scalar::f32, false, false).t);
  return out;
}
/// State of one layer and direction; `c` of LSTMs only.
struct cell_state {
  tensor_data *h = nullptr, *c = nullptr;
};
/// One step from the input's gates.
inline result<cell_state> next_state(emitter& e, cell_kind what, const step& gates,
                                     const cell_state& s, const cell_weights& w) {
  const step from_state = state_gates(e, s.h, w);
  if (what == cell_kind::rnn_tanh || what == cell_kind::rnn_relu) {
    const step sum = apply(e, ops::add, from_state, gates);
    const step h =
        what == cell_kind::rnn_tanh ? apply(e, ops::tanh, sum) : apply(e, ops::relu, sum);
    if (!h) return h.error();
    return cell_state{*h, nullptr};
  }
  if (what == cell_kind::gru) {
    using namespace gru_gate;
    const auto x = parts_of(e, gates, all), u = parts_of(e, from_state, all);
    if (!x) return x.error();
    if (!u) return u.error();
    const step r = apply(e, ops::logistic, apply(e, ops::add, (*u)[reset], (*x)[reset])),
               k = apply(e, ops::logistic, apply(e, ops::add, (*u)[keep], (*x)[keep])),
               f = apply(e, ops::tanh,
                         apply(e, ops::add, (*x)[fresh], apply(e, ops::mul, (*u)[fresh], r)));
    const step h = apply(e, ops::add, apply(e, ops::mul, apply(e, ops::sub, s.h, f), k), f);
    if (!h) return h.error();
    return cell_state{*h, nullptr};
  }
  const auto g = parts_of(e, apply(e, ops::add, from_state, gates), lstm_gate::all);
  if (!g) return g.error();
  const step in = apply(e, ops::logistic, (*g)[lstm_gate::in]),
             forget = apply(e, ops::logistic, (*g)[lstm_gate::forget]),
             fresh = apply(e, ops::tanh, (*g)[lstm_gate::fresh]),
             out = apply(e, ops::logistic, (*g)[lstm_gate::out]);
  const step c = apply(e, ops::add, apply(e, ops::mul, forget, s.c), apply(e, ops::mul, in, fresh));
  step h = apply(e, ops::mul, out, apply(e, ops::tanh, c));
  if (w.projection) h = linear_of(e, h, w.projection, nullptr);
  if (!c) return c.error();
  if (!h) return h.error();
  return cell_state{*h, *c};
}

// ---- sequences ----

/// x[i] of the first axis.
inline step first_axis(emitter& e, tensor_data& x, std::int64_t i) {
  arguments one(
      e.c, e.operator_name(),
      {{"self", value_of(x)}, {"dim", value::of(std::int64_t{0})}, {"index", value::of(i)}});
  return step_of(select(e, one));
}
inline step stacked(emitter& e, const std::vector<tensor_data*>& list) {
  std::vector<value> items;
  for (tensor_data* t : list) items.push_back(value_of(*t));
  arguments a(
      e.c, e.operator_name(),
      {{"tensors", e.c.values.list(std::move(items))}, {"dim", value::of(std::int64_t{0})}});
  return step_of(stack(e, a));
}
inline step joined(emitter& e, const std::vector<tensor_data*>& list, std::int64_t dim) {
  if (list.size() == 1) return list.front();
  std::vector<value> items;
  for (tensor_data* t : list) items.push_back(value_of(*t));
  arguments a(e.c, e.operator_name(),
              {{"tensors", e.c.values.list(std::move(items))}, {"dim", value::of(dim)}});
  return step_of(cat<false, false>(e, a));
}
/// What a recurrent operator is given besides its input.
struct sequence_options {
  cell_kind what = cell_kind::lstm;
  std::int64_t layers = 1;
  bool bidirectional = false, batch_first = false;
  std::vector<std::int64_t> rows{};  // packed: of each step; the input has them one after another
  std::int64_t directions() const { return bidirectional ? 2 : 1; }
};
/// Steps that all layers and directions together may have: each is a dozen nodes.
inline constexpr std::int64_t most_steps = 4096;

/// Ranks and counts of what a sequence is made of.
inline status check_sequence(emitter& e, const tensor_data& input,
                             const std::vector<tensor_data*>& state, std::size_t weights,
                             const sequence_options& o) {
  const std::int64_t all = o.layers * o.directions();
  const int rank = o.rows.empty() ? 3 : 2;
  if (input.rank() != rank)
    return unsupported("rank of the input of " + e.operator_name(), std::to_string(input.rank()),
                       std::to_string(rank));
  if (o.layers < 1 || static_cast<std::int64_t>(weights) != all)
    return invalid("layers of " + e.operator_name(), std::to_string(weights), std::to_string(all));
  if (state.size() != states_of(o.what)) return invalid("state of " + e.operator_name());
  for (const tensor_data* s : state)
    if (s->rank() != 3 || s->size[0] != all)
      return invalid("state of " + e.operator_name(), std::to_string(s->rank()) + " axes",
                     "3, one slice for each layer and direction");
  return unit{};
}
/// All steps of one direction of a layer, from the state `s`, which becomes the last one. Returns
/// the hidden values of each step.
inline step run_direction(emitter& e, const step& x, const cell_weights& w, cell_kind what,
                          bool backward, cell_state& s) {
  const step gates = input_gates(e, x, w);
  if (!gates) return gates.error();
  const std::int64_t length = (*x)->size[0];
  std::vector<tensor_data*> steps(as_size(length));
  for (std::int64_t k = 0; k < length; ++k) {
    const std::int64_t t = backward ? length - 1 - k : k;
    const auto next = next_state(e, what, first_axis(e, **gates, t), s, w);
    if (!next) return next.error();
    s = *next;
    steps[as_size(t)] = s.h;
  }
  return stacked(e, steps);
}
/// Rows [begin, end) of a state.
inline result<cell_state> state_rows(emitter& e, const cell_state& s, std::int64_t begin,
                                     std::int64_t end) {
  cell_state part;
  const step h = step_of(sliced(e, *s.h, 0, begin, end - begin));
  if (!h) return h.error();
  part.h = *h;
  if (!s.c) return part;
  const step c = step_of(sliced(e, *s.c, 0, begin, end - begin));
  if (!c) return c.error();
  part.c = *c;
  return part;
}
/// The rows of both, one after another.
inline result<cell_state> state_of_both(emitter& e, const cell_state& s, const cell_state& more) {
  cell_state all;
  const step h = joined(e, {s.h, more.h}, 0);
  if (!h) return h.error();
  all.h = *h;
  if (!s.c) return all;
  const step c = joined(e, {s.c, more.c}, 0);
  if (!c) return c.error();
  all.c = *c;
  return all;
}
/// The same of a packed sequence: sequences that have ended leave their state, those that begin
/// (from the end) come in with the first one.
inline step run_packed(emitter& e, const step& x, const cell_weights& w, const sequence_options& o,
                       bool backward, cell_state& s) {
  const step gates = input_gates(e, x, w);
  if (!gates) return gates.error();
  const cell_state first = s;
  const std::size_t length = o.rows.size();
  std::vector<std::int64_t> begins;
  std::int64_t all = 0;
  for (const std::int64_t n : o.rows) begins.push_back(std::exchange(all, all + n));
  std::vector<tensor_data*> steps(length);
  std::vector<cell_state> ended;
  std::int64_t running = backward ? 0 : o.rows[0];
  for (std::size_t k = 0; k < length; ++k) {
    const std::size_t t = backward ? length - 1 - k : k;
    const std::int64_t n = o.rows[t];
    if (n < running) {
      const auto gone = state_rows(e, s, n, running), on = state_rows(e, s, 0, n);
      if (!gone) return gone.error();
      if (!on) return on.error();
      ended.push_back(*gone), s = *on;
    } else if (n > running) {
      const auto fresh = state_rows(e, first, running, n);
      if (!fresh) return fresh.error();
      const auto both = running == 0 ? fresh : state_of_both(e, s, *fresh);
      if (!both) return both.error();
      s = *both;
    }
    running = n;
    const auto next = next_state(e, o.what, step_of(sliced(e, **gates, 0, begins[t], n)), s, w);
    if (!next) return next.error();
    s = *next;
    steps[t] = s.h;
  }
  for (; !ended.empty(); ended.pop_back()) {
    const auto both = state_of_both(e, s, ended.back());
    if (!both) return both.error();
    s = *both;
  }
  return joined(e, steps, 0);
}
/// Slice i of the given states.
inline result<cell_state> first_state(emitter& e, const std::vector<tensor_data*>& state,
                                      std::int64_t i) {
  const step h = first_axis(e, *state[state_place::h], i);
  if (!h) return h.error();
  if (state.size() != state_place::of_lstm) return cell_state{*h, nullptr};
  const step c = first_axis(e, *state[state_place::c], i);
  if (!c) return c.error();
  return cell_state{*h, *c};
}
/// Returns (output, last h[, last c]).
inline result<value> sequence(emitter& e, tensor_data& input, std::vector<tensor_data*> state,
                              const std::vector<cell_weights>& weights, const sequence_options& o) {
  if (auto s = check_sequence(e, input, state, weights.size(), o); !s) return s.error();
  const bool lstm = o.what == cell_kind::lstm;
  step x = real_value(e, input);
  if (x && o.batch_first) x = step_of(permuted(e, **x, {1, 0, 2}));
  if (!x) return x.error();
  const std::int64_t length =
      o.rows.empty() ? (*x)->size[0] : static_cast<std::int64_t>(o.rows.size());
  if (length < 1 || length > most_steps / (o.layers * o.directions()))
    return too_large("steps of " + e.operator_name() + ", all layers and directions together",
                     std::to_string(length) + " of each", std::to_string(most_steps));
  std::vector<tensor_data*> last_h, last_c;
  for (std::int64_t layer = 0; layer < o.layers; ++layer) {
    std::vector<step> outputs;
    for (std::int64_t d = 0; d < o.directions(); ++d) {
      const std::int64_t at = layer * o.directions() + d;
      auto s = first_state(e, state, at);
      if (!s) return s.error();
      const cell_weights& w = weights[as_size(at)];
      outputs.push_back(o.rows.empty() ? run_direction(e, x, w, o.what, d == 1, *s)
                                       : run_packed(e, x, w, o, d == 1, *s));
      if (!outputs.back()) return outputs.back().error();
      last_h.push_back(s->h);
      if (lstm) last_c.push_back(s->c);
    }
    x = outputs[0];
    if (o.bidirectional) x = joined(e, {*outputs[0], *outputs[1]}, input.rank() - 1);
    if (!x) return x.error();
  }
  if (o.batch_first) x = step_of(permuted(e, **x, {1, 0, 2}));
  const step h = stacked(e, last_h);
  if (!x) return x.error();
  if (!h) return h.error();
  std::vector<value> results{value_of(**x), value_of(**h)};
  if (lstm) {
    const step c = stacked(e, last_c);
    if (!c) return c.error();
    results.push_back(value_of(**c));
  }
  return e.c.values.list(std::move(results), kind::tuple);
}
/// The tensors of an argument: a list of them, or one.
inline result<std::vector<tensor_data*>> states_argument(arguments& a, std::string_view parameter) {
  const value given = a[parameter];
  std::vector<tensor_data*> list;
  if (!given.is_sequence()) {
    list.push_back(a.tensor(parameter));
    if (auto s = a.check(); !s) return s.error();
    return list;
  }
  for (const value& v : given.c->items) {
    if (!v.is(kind::tensor)) return unsupported("state of " + a.name, std::string(name_of(v.what)));
    list.push_back(v.t);
  }
  return list;
}
/// Float weights and biases of each layer and direction.
inline result<std::vector<cell_weights>> float_weights(const arguments& a, const value_list& list,
                                                       bool lstm, bool biases, std::size_t cells) {
  using namespace weight_place;
  const std::size_t plain = biases ? with_biases : without_biases;
  const bool projected = lstm && list.size() == (plain + 1) * cells;
  const std::size_t each = plain + (projected ? 1 : 0);
  if (list.size() != each * cells)
    return unsupported("parameters of " + a.name, std::to_string(list.size()) + " tensors",
                       std::to_string(each) + " for each layer and direction");
  std::vector<cell_weights> weights;
  for (std::size_t i = 0; i < list.size(); i += each) {
    tensor_data* t[with_biases + 1]{};
    for (std::size_t k = 0; k < each; ++k) {
      if (!list[i + k].is(kind::tensor)) return unsupported("parameters of " + a.name);
      t[k] = list[i + k].t;
    }
    cell_weights w;
    w.input = t[input], w.state = t[state];
    w.projection = projected ? t[plain] : nullptr;
    if (biases) w.input_bias = t[input_bias], w.state_bias = t[state_bias];
    weights.push_back(w);
  }
  return weights;
}
/// Packed parameters of dynamic layers, one for each layer and direction.
inline result<std::vector<cell_weights>> dynamic_weights(emitter& e, const arguments& a,
                                                         const value_list& list) {
  std::vector<cell_weights> weights;
  for (const value& v : list) {
    arguments one(e.c, a.name, {{"params", v}});
    const auto p = packed_argument(e, one, "params");
    if (!p) return p.error();
    if (!(*p)->input || !(*p)->state) return unsupported("parameters of " + a.name);
    cell_weights w;
    w.packed_input = (*p)->input, w.packed_state = (*p)->state;
    w.reduce_range = (*p)->reduce_range;
    weights.push_back(w);
  }
  return weights;
}
inline result<value> run_layers(emitter& e, arguments& a, tensor_data* x, sequence_options o) {
  const bool biases = a.boolean("has_biases");
  o.layers = a.integer("num_layers");
  o.bidirectional = a.boolean("bidirectional");
  if (auto s = a.check(); !s) return s.error();
  if (o.layers < 1 || o.layers > most_steps)
    return invalid("layers of " + a.name, std::to_string(o.layers));
  const auto state = states_argument(a, "hx");
  if (!state) return state.error();
  if (!a["params"].is_sequence()) return unsupported("parameters of " + a.name);
  const value_list& list = a["params"].c->items;
  const bool floats = !list.empty() && list.front().is(kind::tensor);
  const auto weights = floats ? float_weights(a, list, o.what == cell_kind::lstm, biases,
                                              as_size(o.layers * o.directions()))
                              : dynamic_weights(e, a, list);
  if (!weights) return weights.error();
  return sequence(e, *x, *state, *weights, o);
}
/// Of a packed sequence, how many rows each step has; it does not grow.
inline result<std::vector<std::int64_t>> rows_of_steps(emitter& e, const tensor_data& t) {
  if (!e.c.known(t))
    return unsupported("packed sequences in " + e.operator_name(),
                       "lengths computed from the input's data", "constant lengths");
  const auto rows = e.c.numbers<std::int64_t>(t);
  if (!rows) return rows.error();
  bool ok = !rows->empty() && rows->back() > 0 && rows->front() <= INT32_MAX;
  for (std::size_t i = 1; i < rows->size(); ++i) ok &= (*rows)[i] <= (*rows)[i - 1];
  if (!ok) return invalid("lengths of " + e.operator_name());
  return *rows;
}
/// lstm(data, batch_sizes, hx, params, ..) of a packed sequence stands in the places of lstm(input,
/// hx, params, ..).
inline arguments of_packed(emitter& e, arguments& a) {
  std::vector<arguments::argument> all;
  constexpr std::string_view names[][2] = {{"data", "input"},
                                           {"batch_sizes", "hx"},
                                           {"hx", "params"},
                                           {"params", "has_biases"},
                                           {"has_biases", "num_layers"},
                                           {"num_layers", "dropout"},
                                           {"bidirectional", "batch_first"}};
  for (const auto& [own, given] : names) all.push_back({own, a[given]});
  return arguments(e.c, a.name, std::move(all));
}
/// quantized_lstm(x, state, params, has_biases, layers, dropout, train, bidirectional, batch_first,
/// ..), quantized_gru, lstm, gru, rnn_tanh, rnn_relu. Parameters are packed ones, one for each
/// layer and direction, or lists of float tensors: weights of input and state, then their biases.
template <cell_kind What> result<value> recurrent(emitter& e, arguments& a) {
  sequence_options o{.what = What};
  if (a["hx"].is(kind::tensor) && a["has_biases"].is_sequence()) {
    arguments packed = of_packed(e, a);
    tensor_data *x = packed.tensor("data"), *rows = packed.tensor("batch_sizes");
    if (auto s = packed.check(); !s) return s.error();
    auto steps = rows_of_steps(e, *rows);
    if (!steps) return steps.error();
    o.rows = std::move(*steps);
    if (x->rank() != 2 ||
        x->size[0] != std::accumulate(o.rows.begin(), o.rows.end(), std::int64_t{0}))
      return invalid("rows of a packed sequence in " + a.name);
    return run_layers(e, packed, x, std::move(o));
  }
  tensor_data* x = a.tensor("input");
  o.batch_first = a.boolean("batch_first");
  if (auto s = a.check(); !s) return s.error();
  return run_layers(e, a, x, std::move(o));
}
/// _pack_padded_sequence(x, lengths, batch_first): the rows of each step one after another, and how
/// many there are.
inline result<value> pack_sequence(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("input"), *lengths = a.tensor("lengths");
  const bool batch_first = a.boolean("batch_first");
  if (auto s = a.check(); !s) return s.error();
  if (x->rank() < 2) return invalid("rank of the input of " + a.name);
  auto n = rows_of_steps(e, *lengths);
  if (!n) return n.error();
  const std::int64_t batch = x->size[batch_first ? 0 : 1], length = x->size[batch_first ? 1 : 0];
  if (static_cast<std::int64_t>(n->size()) != batch || n->front() > length)
    return invalid("lengths of " + a.name);
  std::vector<std::int64_t> index;
  std::vector<double> rows;
  if (batch * n->front() > static_cast<std::int64_t>(most_made))
    return too_large("rows of " + a.name);
  for (std::int64_t t = 0; t < n->front(); ++t) {
    const auto more = std::count_if(n->begin(), n->end(), [&](std::int64_t v) { return v > t; });
    rows.push_back(static_cast<double>(more));
    for (std::int64_t b = 0; b < more; ++b)
      index.push_back(batch_first ? b * length + t : t * batch + b);
  }
  std::vector<std::int64_t> size(x->size.begin() + 1, x->size.end());
  size[0] = batch * length;
  const auto line = reshaped(e, *x, std::move(size));
  if (!line) return line;
  const auto data = picked(e, *line->t, 0, index);
  if (!data) return data;
  const auto steps =
      constant_tensor(e, rows, {static_cast<std::int64_t>(rows.size())}, scalar::s64);
  if (!steps) return steps;
  return e.c.values.list({*data, *steps}, kind::tuple);
}
/// _pad_packed_sequence(data, batch_sizes, batch_first, padding_value, total_length).
inline result<value> pad_sequence(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("data"), *sizes = a.tensor("batch_sizes");
  const bool batch_first = a.boolean("batch_first");
  const double fill = a.real("padding_value");
  const std::int64_t total = a.integer("total_length");
  if (auto s = a.check(); !s) return s.error();
  const auto rows = rows_of_steps(e, *sizes);
  if (!rows) return rows.error();
  const std::int64_t batch = rows->front(), given = static_cast<std::int64_t>(rows->size()),
                     length = std::max(total, given);
  if (x->rank() < 1 || length > most_steps || batch * length > static_cast<std::int64_t>(most_made))
    return too_large("rows of " + a.name);
  std::vector<std::int64_t> index, amounts(2 * x->size.size(), 0);
  std::vector<double> lengths(as_size(batch), 0);
  std::int64_t begin = 0;
  for (std::int64_t t = 0; t < length; ++t) {
    const std::int64_t n = t < given ? (*rows)[as_size(t)] : 0;
    for (std::int64_t b = 0; b < batch; ++b) {
      index.push_back(b < n ? begin + b : x->size[0]);
      if (b < n) lengths[as_size(b)] = static_cast<double>(t + 1);
    }
    begin += n;
  }
  if (begin != x->size[0]) return invalid("rows of a packed sequence in " + a.name);
  amounts.back() = 1;  // a row of the padding value
  const auto more = padded(e, a, *x, amounts, "constant", fill);
  if (!more) return more;
  auto y = picked(e, *more->t, 0, index);
  std::vector<std::int64_t> size = x->size, order;
  size[0] = batch;
  size.insert(size.begin(), length);
  for (std::size_t i = 0; i < size.size(); ++i) order.push_back(static_cast<std::int64_t>(i));
  if (y) y = reshaped(e, *y->t, std::move(size));
  if (batch_first) std::swap(order[0], order[1]);
  if (y) y = permuted(e, *y->t, order);
  if (!y) return y;
  const auto n = constant_tensor(e, lengths, {batch}, scalar::s64);
  if (!n) return n;
  return e.c.values.list({*y, *n}, kind::tuple);
}
/// One step from the state `hx`: the next one, of an LSTM a tuple of both.
template <cell_kind What>
result<value> cell_step(emitter& e, arguments& a, const step& x, const cell_weights& w) {
  const auto state = states_argument(a, "hx");
  if (!state) return state.error();
  if (state->size() != states_of(What)) return invalid("state of " + a.name);
  cell_state s{(*state)[state_place::h], nullptr};
  if (What == cell_kind::lstm) s.c = (*state)[state_place::c];
  const auto next = next_state(e, What, input_gates(e, x, w), s, w);
  if (!next) return next.error();
  if (What != cell_kind::lstm) return value_of(*next->h);
  return e.c.values.list({value_of(*next->h), value_of(*next->c)}, kind::tuple);
}
/// quantized_lstm_cell_dynamic(x, state, w_ih, w_hh, b_ih, b_hh) and its relatives: the biases are
/// those of the packed layers.
template <cell_kind What> result<value> dynamic_cell(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "input");
  const auto wi = packed_argument(e, a, "w_ih"), wh = packed_argument(e, a, "w_hh");
  if (!x) return x.error();
  if (!wi) return wi.error();
  if (!wh) return wh.error();
  cell_weights w;
  w.packed_input = *wi, w.packed_state = *wh, w.reduce_range = true;
  return cell_step<What>(e, a, x, w);
}
/// lstm_cell(x, state, w_ih, w_hh, b_ih, b_hh), gru_cell, rnn_tanh_cell, rnn_relu_cell of floats.
template <cell_kind What> result<value> float_cell(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "input");
  if (!x) return x.error();
  cell_weights w;
  w.input = a.tensor("w_ih"), w.state = a.tensor("w_hh");
  if (!a.none("b_ih")) w.input_bias = a.tensor("b_ih");
  if (!a.none("b_hh")) w.state_bias = a.tensor("b_hh");
  if (auto s = a.check(); !s) return s.error();
  return cell_step<What>(e, a, x, w);
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_RECURRENT_HPP_
