// TFLite's layers with state: LSTM, RNN and SVDF in their forms for one step, sequences and both
// directions, full-integer, float32 and with int8 weights on float32 values.
#ifndef OCTET_IMPORT_TFLITE_ROWS_RECURRENT_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_RECURRENT_HPP_

#include "octet/import/tflite/rows_conv.hpp"
#include "octet/import/tflite/rows_movement.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

inline status read_uint8_weights_as_int8(tflite_node& n) {
  for (std::size_t i = 1; i < n.inputs(); ++i)
    if (n.has(i))
      if (const auto read = read_uint8_weights_as_int8(n, i); !read) return read.error();
  return unit{};
}
inline status state_of(const tflite_node& n, std::size_t i) {
  if (!n.has(i) || n.in(i).role != tensor::kind::state)
    return invalid("input " + std::to_string(i) + " is not a variable tensor");
  return unit{};
}

// ---- LSTM ----

/// One layer of one direction: operands as UNIDIRECTIONAL_SEQUENCE_LSTM has them (0 x, 1..4 input
/// weights and 5..8 recurrent weights of input, forget, cell and output gate, 9..11 peepholes,
/// 12..15 biases, 16, 17 projection, 18 hidden and 19 cell state, 20..23 layer normalization).
struct lstm_layer {
  std::vector<tensor_id> in;
  tensor_id out = no_tensor;
  double cell_clip = 0, state_clip = 0;
  bool time_major = false, asymmetric = false;
  bool has(std::size_t i) const { return i < in.size() && in[i] != no_tensor; }
};
inline status check_lstm(const tflite_node& n, const lstm_layer& l, tflite_activation activation) {
  for (std::size_t i : {0u, 2u, 3u, 4u, 6u, 7u, 8u, 13u, 14u, 15u})
    if (!l.has(i)) return invalid("input " + std::to_string(i) + " is absent");
  for (std::size_t i : {18u, 19u})
    if (!l.has(i) || n.g()[l.in[i]].role != tensor::kind::state)
      return invalid("input " + std::to_string(i) + " is not a variable tensor");
  if (activation != tflite_activation::tanh)
    return unsupported("fused activation of an LSTM", std::to_string(static_cast<int>(activation)),
                       "TANH");
  return unit{};
}
/// int8 values with an int16 cell: the operands in octet's order.
inline status integer_lstm(tflite_node& n, const lstm_layer& l) {
  lstm_attrs a;
  a.time_major = l.time_major;
  a.cell_clip = l.cell_clip, a.projection_clip = l.state_clip;
  const auto intermediate = [&](std::size_t i) -> const tensor* {
    return i < n.intermediates.size() && n.intermediates[i] != no_tensor
               ? &n.g()[n.intermediates[i]]
               : nullptr;
  };
  if (const tensor* hidden = intermediate(4); hidden && !hidden->scales.empty())
    a.hidden_scale = tflite_node::scale(*hidden), a.hidden_zero_point = tflite_node::zero(*hidden);
  if (l.has(21)) {
    double* scales[] = {&a.input_scale, &a.forget_scale, &a.cell_scale, &a.output_scale};
    for (std::size_t i = 0; i < 4; ++i)
      if (const tensor* z = intermediate(i); z && !z->scales.empty())
        *scales[i] = tflite_node::scale(*z);
  }
  std::vector<tensor_id> in{l.in[0]};
  constexpr std::size_t order[] = {2, 3,  4,  6,  7,  8,  13, 14, 15, 18, 19, 1,
                                   5, 12, 16, 17, 10, 11, 9,  21, 22, 23, 20};
  for (const std::size_t i : order) in.push_back(l.has(i) ? l.in[i] : no_tensor);
  while (in.back() == no_tensor) in.pop_back();
  attributes attrs = to_attributes(a);
  for (const char* key :
       {"projection_clip", "forget_scale", "cell_scale", "output_scale", "input_scale"})
    if (attrs.real(key) == 0) attrs.erase(key);
  return n.emit(ops::qnn_lstm, std::move(in), {l.out, l.in[18], l.in[19]}, std::move(attrs));
}
inline status lstm_direction(tflite_node& n, const lstm_layer& l) {
  const tensor &x = n.g()[l.in[0]], &w = n.g()[l.in[2]];
  if (x.type == dtype::s8 && w.type == dtype::s8) return integer_lstm(n, l);
  if (x.type != dtype::f32 || (w.type != dtype::f32 && w.type != dtype::s8))
    return unsupported("LSTM element types",
                       std::string(name_of(x.type)) + " x " + std::string(name_of(w.type)),
                       "int8 x int8, float32 x float32, float32 x int8");
  float_lstm_attrs a;
  a.time_major = l.time_major, a.asymmetric = l.asymmetric && w.type == dtype::s8;
  a.cell_clip = l.cell_clip, a.state_clip = l.state_clip;
  std::vector<tensor_id> in = l.in;
  in.resize(24, no_tensor);
  while (in.back() == no_tensor) in.pop_back();
  return n.emit(ops::float_lstm, std::move(in), {l.out, l.in[18], l.in[19]}, to_attributes(a));
}
inline status sequence_lstm(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (auto s = read_uint8_weights_as_int8(n); !s) return s;
  const auto o = n.options<tflite_schema::sequence_lstm_options>();
  lstm_layer l{n.ins(), n.out_id()};
  l.cell_clip = static_cast<double>(o.cell_clip), l.state_clip = static_cast<double>(o.state_clip);
  l.time_major = o.time_major, l.asymmetric = o.asymmetric;
  if (auto s = check_lstm(n, l, o.activation); !s) return s;
  return lstm_direction(n, l);
}

/// x as a sequence of one step, and the result without it.
inline status as_sequence(tflite_node& n, tensor_id& x, tensor_id& y) {
  const dims from = n.g()[x].shape;
  if (from.rank != 2) return invalid("rank of input", to_string(from), "[B,C]");
  attributes a;
  a.set("axis", std::int64_t{0});
  const tensor_id sequence = like(n, "/sequence", x);
  if (auto s = n.emit(ops::expand_dims, {x}, {sequence}, std::move(a)); !s) return s;
  x = sequence;
  y = like(n, "/steps", n.out_id(n.outputs() - 1));
  return unit{};
}
inline status from_sequence(tflite_node& n, tensor_id y) {
  attributes a;
  a.set("axes", std::vector<std::int64_t>{0});
  return n.emit(ops::squeeze, {y}, {n.out_id(n.outputs() - 1)}, std::move(a));
}
/// LSTM: one step of a batch.
inline status one_step_lstm(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (auto s = read_uint8_weights_as_int8(n); !s) return s;
  const auto o = n.options<tflite_schema::lstm_options>();
  if (o.kernel != 0 || n.inputs() < 20)
    return unsupported("LSTM of kernel type BASIC", {}, "UNIDIRECTIONAL_SEQUENCE_LSTM");
  lstm_layer l{n.ins(), n.out_id()};
  l.cell_clip = static_cast<double>(o.cell_clip), l.state_clip = static_cast<double>(o.state_clip);
  l.time_major = true, l.asymmetric = o.asymmetric;
  if (auto s = check_lstm(n, l, o.activation); !s) return s;
  if (auto s = as_sequence(n, l.in[0], l.out); !s) return s;
  if (auto s = lstm_direction(n, l); !s) return s;
  return from_sequence(n, l.out);
}

/// The other direction: the sequence backwards, and its result put the right way round.
template <class Layer>
status backwards(tflite_node& n, bool time_major, tensor_id x, tensor_id y, Layer&& layer) {
  const auto turned = [&](tensor_id from, tensor_id to) {
    attributes a;
    a.set("axes", std::vector<std::int64_t>{time_major ? 0 : 1});
    return n.emit(ops::reverse, {from}, {to}, std::move(a));
  };
  const tensor_id reversed = like(n, "/reversed", x), result = like(n, "/backward_steps", y);
  if (auto s = turned(x, reversed); !s) return s;
  if (auto s = layer(reversed, result); !s) return s;
  return turned(result, y);
}
/// Results of both directions: two tensors, or one with both along its last axis.
struct directions {
  tensor_id forward = no_tensor, backward = no_tensor;
};
inline result<directions> begin_directions(tflite_node& n, bool merge) {
  if (!merge) {
    if (n.outputs() < 2 || n.out_id(1) == no_tensor) return invalid("a second output is absent");
    return directions{n.out_id(), n.out_id(1)};
  }
  return directions{like(n, "/forward", n.out_id()), like(n, "/backward", n.out_id())};
}
inline status end_directions(tflite_node& n, bool merge, const directions& d) {
  if (!merge) return unit{};
  attributes a;
  a.set("axis", std::int64_t{-1});
  return n.emit(quantized(n.out()) ? ops::qnn_concat : ops::concat, {d.forward, d.backward},
                {n.out_id()}, std::move(a));
}
/// Inputs: 0 x, 1..17 the forward layer's, 18..34 the backward one's, 35, 36 and 37, 38 states,
/// 39 a second input and 40..47 its weights.
inline status bidirectional_lstm(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (auto s = read_uint8_weights_as_int8(n); !s) return s;
  const auto o = n.options<tflite_schema::bidirectional_lstm_options>();
  for (std::size_t i = 39; i < n.inputs(); ++i)
    if (n.has(i)) return unsupported("a second input of a bidirectional layer");
  const dims from = n.in(0).shape;
  if (o.merge_outputs && !o.time_major && from.rank == 3 && from[0] > 1)
    return unsupported("merged outputs of several sequences, batch-major", std::to_string(from[0]),
                       "one sequence, or time-major: TFLite takes others' states there");
  const auto d = begin_directions(n, o.merge_outputs);
  if (!d) return d.error();
  for (std::size_t side = 0; side < 2; ++side) {
    lstm_layer l;
    l.in.assign(24, no_tensor);
    l.in[0] = n.in_id(0);
    for (std::size_t i = 1; i < 18; ++i) l.in[i] = n.in_id(i + 17 * side);
    l.in[18] = n.in_id(35 + 2 * side), l.in[19] = n.in_id(36 + 2 * side);
    l.out = side == 0 ? d->forward : d->backward;
    l.cell_clip = static_cast<double>(o.cell_clip),
    l.state_clip = static_cast<double>(o.state_clip);
    l.time_major = o.time_major, l.asymmetric = o.asymmetric;
    if (auto s = check_lstm(n, l, o.activation); !s) return s;
    const auto layer = [&](tensor_id x, tensor_id y) {
      l.in[0] = x, l.out = y;
      return lstm_direction(n, l);
    };
    auto s = side == 0 ? layer(l.in[0], l.out) : backwards(n, l.time_major, l.in[0], l.out, layer);
    if (!s) return s;
  }
  return end_directions(n, o.merge_outputs, *d);
}

// ---- RNN ----

inline status rnn_direction(tflite_node& n, std::vector<tensor_id> in, tensor_id out,
                            bool time_major, bool asymmetric, tflite_activation activation) {
  for (const tensor_id t : in)
    if (t == no_tensor) return invalid("an operand is absent");
  if (n.g()[in[4]].role != tensor::kind::state)
    return invalid("the hidden state is not a variable tensor");
  rnn_attrs a;
  a.time_major = time_major, a.asymmetric = asymmetric && n.g()[in[1]].type == dtype::s8;
  a.tanh = activation == tflite_activation::tanh;
  const tensor_id state = in[4];
  return n.emit(ops::rnn, std::move(in), {out, state}, to_attributes(a),
                a.tanh ? tflite_activation::none : activation);
}
inline status sequence_rnn(tflite_node& n) {
  if (auto s = need_inputs(n, 5); !s) return s;
  if (auto s = read_uint8_weights_as_int8(n); !s) return s;
  const auto o = n.options<tflite_schema::sequence_rnn_options>();
  return rnn_direction(n, n.ins(), n.out_id(), o.time_major, o.asymmetric, o.activation);
}
inline status one_step_rnn(tflite_node& n) {
  if (auto s = need_inputs(n, 5); !s) return s;
  if (auto s = read_uint8_weights_as_int8(n); !s) return s;
  const auto o = n.options<tflite_schema::rnn_options>();
  std::vector<tensor_id> in = n.ins();
  tensor_id y = no_tensor;
  if (auto s = as_sequence(n, in[0], y); !s) return s;
  if (auto s = rnn_direction(n, in, y, true, o.asymmetric, o.activation); !s) return s;
  return from_sequence(n, y);
}
/// Inputs: 0 x, 1..4 weights, recurrent weights, bias and state forward, 5..8 backward, 9 a second
/// input and its weights.
inline status bidirectional_rnn(tflite_node& n) {
  if (auto s = need_inputs(n, 9); !s) return s;
  for (std::size_t i = 9; i < n.inputs(); ++i)
    if (n.has(i)) return unsupported("a second input of a bidirectional layer");
  if (auto s = read_uint8_weights_as_int8(n); !s) return s;
  const auto o = n.options<tflite_schema::bidirectional_rnn_options>();
  const dims from = n.in(0).shape;
  if (n.has(1) && n.in(1).type == dtype::s8 && o.time_major && from.rank == 3 &&
      (from[0] > 1 || from[1] > 1))
    return unsupported("int8 weights on float32, time-major", to_string(from),
                       "batch-major: TFLite runs the sequence as often as it has steps");
  const auto d = begin_directions(n, o.merge_outputs);
  if (!d) return d.error();
  for (std::size_t side = 0; side < 2; ++side) {
    const auto layer = [&](tensor_id x, tensor_id y) {
      std::vector<tensor_id> in{x};
      for (std::size_t i = 1; i < 5; ++i) in.push_back(n.in_id(i + 4 * side));
      return rnn_direction(n, std::move(in), y, o.time_major, o.asymmetric, o.activation);
    };
    auto s = side == 0 ? layer(n.in_id(0), d->forward)
                       : backwards(n, o.time_major, n.in_id(0), d->backward, layer);
    if (!s) return s;
  }
  return end_directions(n, o.merge_outputs, *d);
}

// ---- SVDF ----

/// Inputs of the file: x, feature weights, time weights, bias or nothing, state.
inline status svdf(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  if (auto s = state_of(n, 4); !s) return s;
  if (auto s = read_uint8_weights_as_int8(n); !s) return s;
  const auto o = n.options<tflite_schema::svdf_options>();
  std::vector<tensor_id> in{n.in_id(0), n.in_id(1), n.in_id(2), n.in_id(4)};
  if (n.has(3)) in.push_back(n.in_id(3));
  if (n.in(0).type == dtype::f32) {
    float_svdf_attrs a;
    a.rank = o.rank, a.asymmetric = o.asymmetric && n.in(1).type == dtype::s8;
    return n.emit(ops::float_svdf, std::move(in), {n.out_id(), n.in_id(4)}, to_attributes(a),
                  o.activation);
  }
  if (n.in(0).type != dtype::s8)
    return unsupported("SVDF element type", std::string(name_of(n.in(0).type)), "int8, float32");
  if (o.activation != tflite_activation::relu)
    return unsupported("fused activation of an int8 SVDF",
                       std::to_string(static_cast<int>(o.activation)), "RELU");
  attributes a;
  a.set("rank", std::int64_t{o.rank});
  return n.emit(ops::qnn_svdf, std::move(in), {n.out_id(), n.in_id(4)}, std::move(a));
}

inline constexpr tflite_row recurrent_rows[] = {
    {"LSTM", &one_step_lstm},
    {"RNN", &one_step_rnn},
    {"SVDF", &svdf},
    {"UNIDIRECTIONAL_SEQUENCE_RNN", &sequence_rnn},
    {"UNIDIRECTIONAL_SEQUENCE_LSTM", &sequence_lstm},
    {"BIDIRECTIONAL_SEQUENCE_RNN", &bidirectional_rnn},
    {"BIDIRECTIONAL_SEQUENCE_LSTM", &bidirectional_lstm},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_RECURRENT_HPP_
