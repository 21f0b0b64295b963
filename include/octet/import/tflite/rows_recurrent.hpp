// TFLite's layers with state: UNIDIRECTIONAL_SEQUENCE_LSTM and SVDF, in their full-integer forms.
#ifndef OCTET_IMPORT_TFLITE_ROWS_RECURRENT_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_RECURRENT_HPP_

#include "octet/import/tflite/rows_elementwise.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

inline status state_of(const tflite_node& n, std::size_t i) {
  if (!n.has(i) || n.in(i).role != tensor::kind::state)
    return invalid("input " + std::to_string(i) + " is not a variable tensor");
  return unit{};
}

/// Inputs of the file: 0 x, 1..4 input weights and 5..8 recurrent weights (input, forget, cell,
/// output gate), 9..11 peepholes, 12..15 biases, 16, 17 projection, 18 hidden and 19 cell
/// state, 20..23 layer normalization. Both laws give the same bits.
inline status sequence_lstm(tflite_node& n) {
  for (std::size_t i : {0u, 2u, 3u, 4u, 6u, 7u, 8u, 13u, 14u, 15u})
    if (!n.has(i)) return invalid("input " + std::to_string(i) + " is absent");
  if (auto s = state_of(n, 18); !s) return s;
  if (auto s = state_of(n, 19); !s) return s;
  if (n.in(0).type != dtype::s8 || n.in(2).type != dtype::s8)
    return unsupported(
        "LSTM element types",
        std::string(name_of(n.in(0).type)) + " x " + std::string(name_of(n.in(2).type)),
        "int8 x int8");
  for (std::size_t i : {9u, 10u, 11u, 16u, 17u, 20u, 21u, 22u, 23u})
    if (n.has(i))
      return unsupported(i < 12   ? "LSTM with peepholes"
                         : i < 18 ? "LSTM with a projection"
                                  : "LSTM with layer normalization");
  const auto o = n.options<tflite_schema::sequence_lstm_options>();
  if (o.activation != tflite_activation::tanh)
    return unsupported("fused activation of an LSTM",
                       std::to_string(static_cast<int>(o.activation)), "TANH");
  lstm_attrs a;
  a.time_major = o.time_major;
  a.cell_clip = static_cast<double>(o.cell_clip);
  if (n.intermediates.size() > 4 && n.intermediates[4] != no_tensor) {
    const tensor& hidden = n.g()[n.intermediates[4]];
    if (!hidden.scales.empty())
      a.hidden_scale = tflite_node::scale(hidden), a.hidden_zero_point = tflite_node::zero(hidden);
  }
  std::vector<tensor_id> in{n.in_id(0)};
  for (std::size_t i : {2u, 3u, 4u, 6u, 7u, 8u, 13u, 14u, 15u, 18u, 19u}) in.push_back(n.in_id(i));
  if (n.has(1))
    for (std::size_t i : {1u, 5u, 12u}) in.push_back(n.in_id(i));
  return n.emit(ops::qnn_lstm, std::move(in), {n.out_id(), n.in_id(18), n.in_id(19)},
                to_attributes(a));
}

/// Inputs of the file: x, feature weights, time weights, bias or nothing, state.
inline status svdf(tflite_node& n) {
  if (auto s = need_inputs(n, 3); !s) return s;
  if (auto s = state_of(n, 4); !s) return s;
  if (n.in(0).type != dtype::s8)
    return unsupported("SVDF element type", std::string(name_of(n.in(0).type)), "int8");
  attributes a;
  a.set("rank", std::int64_t{n.options<tflite_schema::svdf_options>().rank});
  std::vector<tensor_id> in{n.in_id(0), n.in_id(1), n.in_id(2), n.in_id(4)};
  if (n.has(3)) in.push_back(n.in_id(3));
  return n.emit(ops::qnn_svdf, std::move(in), {n.out_id(), n.in_id(4)}, std::move(a));
}

inline constexpr tflite_row recurrent_rows[] = {
    {"SVDF", &svdf},
    {"UNIDIRECTIONAL_SEQUENCE_LSTM", &sequence_lstm},
};

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_RECURRENT_HPP_
