// Mistakes in a typed graph as the compiler reports them: one class template per mistake, the numbers as template arguments.
#ifndef OCTET_TYPED_ERROR_HPP_
#define OCTET_TYPED_ERROR_HPP_

#include "octet/typed/types.hpp"

namespace octet::inline OCTET_ABI::typed {

/// What can be wrong with a graph. Found where the operator is applied, kept in the value, reported when the graph is compiled.
enum class mistake : std::uint8_t {
  none, wrong_rank, shapes_differ, add_shapes_differ, concat_shapes_differ, channel_count_differs, weight_count_differs, bias_count_differs, axis_out_of_range, groups_do_not_divide_channels,
  stride_not_positive, window_larger_than_input, element_types_differ, quantizations_differ, element_count_differs, wrong_number_of_inputs, attribute_out_of_range, scale_not_positive,
  zero_point_out_of_range, scale_count_differs, missing_requantize, missing_quantize, missing_dequantize, inputs_of_one_name_differ, too_many_nodes, no_rounding_in_this_law, arena_over_budget
};

/// Extents or single numbers; in a message `expected<1, 8, 8, 16>, found<1, 8, 8, 32>`.
template <std::int64_t... N> struct expected {};
template <std::int64_t... N> struct found {};
/// The line in the user's own file where the operator was written.
template <int Line> struct at_line {};

namespace error {
template <class...> inline constexpr bool no = false;
// OCTET-style message classes: the name says what, the arguments say expected, found and where.
#define OCTET_TYPED_MISTAKE(NAME, TEXT) \
  template <class Expected, class Found, class Line> struct NAME { static_assert(no<Expected, Found, Line>, "octet: " TEXT); };
OCTET_TYPED_MISTAKE(wrong_rank, "this operator takes a tensor of another rank (number of axes)")
OCTET_TYPED_MISTAKE(shapes_differ, "the shapes of the operands do not go together")
OCTET_TYPED_MISTAKE(add_shapes_differ, "the operands of an elementwise operator have shapes that do not broadcast")
OCTET_TYPED_MISTAKE(concat_shapes_differ, "the inputs of concat may differ along its axis only")
OCTET_TYPED_MISTAKE(channel_count_differs, "the weights are for another number of channels")
OCTET_TYPED_MISTAKE(weight_count_differs, "the array of weights has not the number of elements that filters, window and input channels ask for")
OCTET_TYPED_MISTAKE(bias_count_differs, "the bias has not one element per output channel")
OCTET_TYPED_MISTAKE(axis_out_of_range, "axis out of range; expected<lowest, highest>")
OCTET_TYPED_MISTAKE(groups_do_not_divide_channels, "groups must divide input and output channels")
OCTET_TYPED_MISTAKE(stride_not_positive, "strides and dilations are at least 1")
OCTET_TYPED_MISTAKE(window_larger_than_input, "the window is larger than the padded input")
OCTET_TYPED_MISTAKE(element_types_differ, "the operands have different element types (numbers: octet::dtype)")
OCTET_TYPED_MISTAKE(quantizations_differ, "scales or zero points must be equal here; put a requantize between")
OCTET_TYPED_MISTAKE(element_count_differs, "the number of elements changes")
OCTET_TYPED_MISTAKE(wrong_number_of_inputs, "this operator takes another number of inputs; expected<least, most>")
OCTET_TYPED_MISTAKE(attribute_out_of_range, "an attribute has a value that the operator does not take")
OCTET_TYPED_MISTAKE(scale_not_positive, "a scale must be a positive number (shown in millionths)")
OCTET_TYPED_MISTAKE(zero_point_out_of_range, "the zero point is not a value of the element type; expected<lowest, highest>")
OCTET_TYPED_MISTAKE(scale_count_differs, "per-channel weights need one scale per output channel")
OCTET_TYPED_MISTAKE(missing_requantize, "accumulators (int32 or int64) go into an operator for quantized values: put | requantize(...) between, or give the operator before an output scale")
OCTET_TYPED_MISTAKE(missing_quantize, "float32 values go into an operator for quantized values: put | quantize(...) between")
OCTET_TYPED_MISTAKE(missing_dequantize, "quantized values go into an operator for float32 values: put | dequantize() between")
OCTET_TYPED_MISTAKE(inputs_of_one_name_differ, "two inputs have one name but different types: give each its own name")
OCTET_TYPED_MISTAKE(too_many_nodes, "more operators, tensors or attributes than the graph has room for: raise the capacity given to input<tensor, capacity>()")
OCTET_TYPED_MISTAKE(no_rounding_in_this_law, "this law has no formula for this operator on these types: give .round (numbers: octet::law, operator's place in the graph)")
OCTET_TYPED_MISTAKE(arena_over_budget, "the arena is larger than the budget, in bytes")
#undef OCTET_TYPED_MISTAKE

template <mistake M, class E, class F, class L> constexpr bool raise() {
#define OCTET_TYPED_RAISE(NAME) else if constexpr (M == mistake::NAME) { return sizeof(NAME<E, F, L>) != 0; }
  if constexpr (M == mistake::none) { return true; }
  OCTET_TYPED_RAISE(wrong_rank) OCTET_TYPED_RAISE(shapes_differ) OCTET_TYPED_RAISE(add_shapes_differ) OCTET_TYPED_RAISE(concat_shapes_differ) OCTET_TYPED_RAISE(channel_count_differs)
  OCTET_TYPED_RAISE(weight_count_differs) OCTET_TYPED_RAISE(bias_count_differs) OCTET_TYPED_RAISE(axis_out_of_range) OCTET_TYPED_RAISE(groups_do_not_divide_channels)
  OCTET_TYPED_RAISE(stride_not_positive) OCTET_TYPED_RAISE(window_larger_than_input) OCTET_TYPED_RAISE(element_types_differ) OCTET_TYPED_RAISE(quantizations_differ)
  OCTET_TYPED_RAISE(element_count_differs) OCTET_TYPED_RAISE(wrong_number_of_inputs) OCTET_TYPED_RAISE(attribute_out_of_range) OCTET_TYPED_RAISE(scale_not_positive)
  OCTET_TYPED_RAISE(zero_point_out_of_range) OCTET_TYPED_RAISE(scale_count_differs) OCTET_TYPED_RAISE(missing_requantize) OCTET_TYPED_RAISE(missing_quantize)
  OCTET_TYPED_RAISE(missing_dequantize) OCTET_TYPED_RAISE(inputs_of_one_name_differ) OCTET_TYPED_RAISE(too_many_nodes) OCTET_TYPED_RAISE(no_rounding_in_this_law)
  OCTET_TYPED_RAISE(arena_over_budget)
#undef OCTET_TYPED_RAISE
}
}  // namespace error

}  // namespace octet::inline OCTET_ABI::typed

#endif  // OCTET_TYPED_ERROR_HPP_
