// Mistakes in a typed graph as the compiler reports them: one class template per mistake, the
// numbers as template arguments.
#ifndef OCTET_TYPED_ERROR_HPP_
#define OCTET_TYPED_ERROR_HPP_

#include <string_view>

#include "octet/typed/types.hpp"

OCTET_NAMESPACE_BEGIN
namespace typed {

/// What can be wrong with a graph. Found where the operator is applied, kept in the value, reported
/// when the graph is compiled.
enum class mistake : std::uint8_t {
  none,
  wrong_rank,
  shapes_differ,
  add_shapes_differ,
  concat_shapes_differ,
  channel_count_differs,
  weight_count_differs,
  bias_count_differs,
  axis_out_of_range,
  groups_do_not_divide_channels,
  stride_not_positive,
  window_larger_than_input,
  element_types_differ,
  quantizations_differ,
  element_count_differs,
  wrong_number_of_inputs,
  attribute_out_of_range,
  no_such_attribute,
  scale_not_positive,
  zero_point_out_of_range,
  scale_count_differs,
  missing_requantize,
  missing_quantize,
  missing_dequantize,
  inputs_of_one_name_differ,
  too_many_nodes,
  no_rounding_in_this_law,
  no_such_form,
  input_missing,
  arena_over_budget,
  state_written_twice,
  not_a_state,
  no_such_result,
  graphs_differ  // at run time alone
};
constexpr std::string_view name_of(mistake m) noexcept {
  switch (m) {
    case mistake::none: return "none";
    case mistake::wrong_rank: return "wrong rank";
    case mistake::shapes_differ: return "the shapes of the operands do not go together";
    case mistake::add_shapes_differ: return "the shapes of the operands do not broadcast";
    case mistake::concat_shapes_differ: return "shapes differ beside the axis";
    case mistake::channel_count_differs: return "the weights are for another number of channels";
    case mistake::weight_count_differs: return "weight count differs from the shape";
    case mistake::bias_count_differs: return "bias count differs from the channels";
    case mistake::axis_out_of_range: return "axis out of range";
    case mistake::groups_do_not_divide_channels: return "channels are not divisible by groups";
    case mistake::stride_not_positive: return "stride or dilation is not positive";
    case mistake::window_larger_than_input: return "window is larger than the padded input";
    case mistake::element_types_differ: return "element types do not go together";
    case mistake::quantizations_differ: return "quantization parameters do not go together";
    case mistake::element_count_differs: return "element count differs";
    case mistake::wrong_number_of_inputs: return "wrong number of inputs";
    case mistake::attribute_out_of_range: return "value out of range";
    case mistake::no_such_attribute: return "attribute of an operator";
    case mistake::scale_not_positive: return "scale is not a positive number";
    case mistake::zero_point_out_of_range: return "zero point is not a value of the element type";
    case mistake::scale_count_differs: return "number of scales differs from the channels";
    case mistake::missing_requantize: return "accumulators where quantized values must be";
    case mistake::missing_quantize: return "plain numbers where quantized values must be";
    case mistake::missing_dequantize: return "quantized values where float32 must be";
    case mistake::inputs_of_one_name_differ:
      return "two inputs or two states have one name and different types";
    case mistake::too_many_nodes: return "more than the graph has room for";
    case mistake::no_rounding_in_this_law: return "the law has no formula for an operator";
    case mistake::no_such_form: return "the operator has no such form";
    case mistake::input_missing: return "an input that the operator needs is absent";
    case mistake::arena_over_budget: return "the arena is larger than the budget";
    case mistake::state_written_twice: return "two operators write one state";
    case mistake::not_a_state: return "the operator needs a state there";
    case mistake::no_such_result: return "a result that the operator does not have";
    case mistake::graphs_differ: return "values of two graphs meet";
  }
  return no_enumerator;
}

/// Extents or single numbers; in a message `expected<1, 8, 8, 16>, found<1, 8, 8, 32>`.
template <std::int64_t... N> struct expected {};
template <std::int64_t... N> struct found {};
/// A name, letter by letter: not every compiler prints a string that is a template argument.
template <char... Letters> struct found_name {};
/// The line in the user's own file where the operator was written.
template <int Line> struct at_line {};

namespace error {
template <class...> inline constexpr bool no = false;
// No macros: compilers show their expansion in every message.
template <class Expected, class Found, class Line> struct wrong_rank {
  static_assert(no<Expected, Found, Line>,
                "octet: this operator takes a tensor of another rank (number of axes)");
};
template <class Expected, class Found, class Line> struct shapes_differ {
  static_assert(no<Expected, Found, Line>, "octet: the shapes of the operands do not go together");
};
template <class Expected, class Found, class Line> struct add_shapes_differ {
  static_assert(no<Expected, Found, Line>,
                "octet: the operands of an elementwise operator have shapes that do not broadcast");
};
template <class Expected, class Found, class Line> struct concat_shapes_differ {
  static_assert(no<Expected, Found, Line>,
                "octet: the inputs of concat may differ along its axis only");
};
template <class Expected, class Found, class Line> struct channel_count_differs {
  static_assert(no<Expected, Found, Line>, "octet: the weights are for another number of channels");
};
template <class Expected, class Found, class Line> struct weight_count_differs {
  static_assert(no<Expected, Found, Line>,
                "octet: the array of weights has not the number of elements that filters, window "
                "and input channels ask for");
};
template <class Expected, class Found, class Line> struct bias_count_differs {
  static_assert(no<Expected, Found, Line>,
                "octet: the bias has not one element per output channel");
};
template <class Expected, class Found, class Line> struct axis_out_of_range {
  static_assert(no<Expected, Found, Line>, "octet: axis out of range; expected<lowest, highest>");
};
template <class Expected, class Found, class Line> struct groups_do_not_divide_channels {
  static_assert(no<Expected, Found, Line>, "octet: groups must divide input and output channels");
};
template <class Expected, class Found, class Line> struct stride_not_positive {
  static_assert(no<Expected, Found, Line>, "octet: strides and dilations are at least 1");
};
template <class Expected, class Found, class Line> struct window_larger_than_input {
  static_assert(no<Expected, Found, Line>, "octet: the window is larger than the padded input");
};
template <class Expected, class Found, class Line> struct element_types_differ {
  static_assert(no<Expected, Found, Line>,
                "octet: the operands have different element types (numbers: octet::dtype)");
};
template <class Expected, class Found, class Line> struct quantizations_differ {
  static_assert(no<Expected, Found, Line>,
                "octet: scales or zero points must be equal here; put a requantize between");
};
template <class Expected, class Found, class Line> struct element_count_differs {
  static_assert(no<Expected, Found, Line>, "octet: the number of elements changes");
};
template <class Expected, class Found, class Line> struct wrong_number_of_inputs {
  static_assert(no<Expected, Found, Line>,
                "octet: this operator takes another number of inputs; expected<least, most>");
};
template <class Expected, class Found, class Line> struct attribute_out_of_range {
  static_assert(no<Expected, Found, Line>,
                "octet: an attribute has a value that the operator does not take");
};
template <class Expected, class Found, class Line> struct no_such_attribute {
  static_assert(no<Expected, Found, Line>,
                "octet: the operator reads no attribute of this name and kind of value: it is "
                "misspelt, an integer for a number, or a number for a list");
};
template <class Expected, class Found, class Line> struct scale_not_positive {
  static_assert(no<Expected, Found, Line>,
                "octet: a scale must be a positive number (shown in millionths)");
};
template <class Expected, class Found, class Line> struct zero_point_out_of_range {
  static_assert(
      no<Expected, Found, Line>,
      "octet: the zero point is not a value of the element type; expected<lowest, highest>");
};
template <class Expected, class Found, class Line> struct scale_count_differs {
  static_assert(no<Expected, Found, Line>,
                "octet: per-channel weights need one scale per output channel");
};
template <class Expected, class Found, class Line> struct missing_requantize {
  static_assert(no<Expected, Found, Line>,
                "octet: accumulators (int32 or int64) go into an operator for quantized values: "
                "put | requantize(...) between, or give the operator before an output scale");
};
template <class Expected, class Found, class Line> struct missing_quantize {
  static_assert(no<Expected, Found, Line>,
                "octet: float32 values go into an operator for quantized values: put | "
                "quantize(...) between");
};
template <class Expected, class Found, class Line> struct missing_dequantize {
  static_assert(
      no<Expected, Found, Line>,
      "octet: quantized values go into an operator for float32 values: put | dequantize() between");
};
template <class Expected, class Found, class Line> struct inputs_of_one_name_differ {
  static_assert(
      no<Expected, Found, Line>,
      "octet: two inputs or two states have one name but different types: give each its own name");
};
template <class Expected, class Found, class Line> struct too_many_nodes {
  static_assert(no<Expected, Found, Line>,
                "octet: more operators, tensors or attributes than the graph has room for: raise "
                "the capacity given to input<tensor, capacity>()");
};
template <class Expected, class Found, class Line> struct no_rounding_in_this_law {
  static_assert(no<Expected, Found, Line>,
                "octet: this law has no formula for this operator on these types: give .round "
                "(numbers: octet::law, operator's place in the graph)");
};
template <class Expected, class Found, class Line> struct no_such_form {
  static_assert(no<Expected, Found, Line>,
                "octet: the operator has no form with these element types and this rounding "
                "(expected: roundings it has for the types; found: octet::dtype of inputs and "
                "results, then octet::rounding); docs/operators.md lists the forms");
};
template <class Expected, class Found, class Line> struct input_missing {
  static_assert(no<Expected, Found, Line>,
                "octet: an input that the operator cannot do without is absent (found: which)");
};
template <class Expected, class Found, class Line> struct arena_over_budget {
  static_assert(no<Expected, Found, Line>, "octet: the arena is larger than the budget, in bytes");
};
template <class Expected, class Found, class Line> struct state_written_twice {
  static_assert(no<Expected, Found, Line>,
                "octet: two operators write one state: give each its own name");
};
template <class Expected, class Found, class Line> struct not_a_state {
  static_assert(no<Expected, Found, Line>,
                "octet: this operator keeps a state between runs: give it a state<...>(name) there "
                "(expected: which input; found: which result)");
};
template <class Expected, class Found, class Line> struct no_such_result {
  static_assert(no<Expected, Found, Line>,
                "octet: a result that the operator does not have; expected<first, last>");
};

/// The class of a mistake; naming it instantiates nothing.
template <mistake> struct class_of;
template <> struct class_of<mistake::wrong_rank> {
  template <class E, class F, class L> using type = wrong_rank<E, F, L>;
};
template <> struct class_of<mistake::shapes_differ> {
  template <class E, class F, class L> using type = shapes_differ<E, F, L>;
};
template <> struct class_of<mistake::add_shapes_differ> {
  template <class E, class F, class L> using type = add_shapes_differ<E, F, L>;
};
template <> struct class_of<mistake::concat_shapes_differ> {
  template <class E, class F, class L> using type = concat_shapes_differ<E, F, L>;
};
template <> struct class_of<mistake::channel_count_differs> {
  template <class E, class F, class L> using type = channel_count_differs<E, F, L>;
};
template <> struct class_of<mistake::weight_count_differs> {
  template <class E, class F, class L> using type = weight_count_differs<E, F, L>;
};
template <> struct class_of<mistake::bias_count_differs> {
  template <class E, class F, class L> using type = bias_count_differs<E, F, L>;
};
template <> struct class_of<mistake::axis_out_of_range> {
  template <class E, class F, class L> using type = axis_out_of_range<E, F, L>;
};
template <> struct class_of<mistake::groups_do_not_divide_channels> {
  template <class E, class F, class L> using type = groups_do_not_divide_channels<E, F, L>;
};
template <> struct class_of<mistake::stride_not_positive> {
  template <class E, class F, class L> using type = stride_not_positive<E, F, L>;
};
template <> struct class_of<mistake::window_larger_than_input> {
  template <class E, class F, class L> using type = window_larger_than_input<E, F, L>;
};
template <> struct class_of<mistake::element_types_differ> {
  template <class E, class F, class L> using type = element_types_differ<E, F, L>;
};
template <> struct class_of<mistake::quantizations_differ> {
  template <class E, class F, class L> using type = quantizations_differ<E, F, L>;
};
template <> struct class_of<mistake::element_count_differs> {
  template <class E, class F, class L> using type = element_count_differs<E, F, L>;
};
template <> struct class_of<mistake::wrong_number_of_inputs> {
  template <class E, class F, class L> using type = wrong_number_of_inputs<E, F, L>;
};
template <> struct class_of<mistake::attribute_out_of_range> {
  template <class E, class F, class L> using type = attribute_out_of_range<E, F, L>;
};
template <> struct class_of<mistake::no_such_attribute> {
  template <class E, class F, class L> using type = no_such_attribute<E, F, L>;
};
template <> struct class_of<mistake::scale_not_positive> {
  template <class E, class F, class L> using type = scale_not_positive<E, F, L>;
};
template <> struct class_of<mistake::zero_point_out_of_range> {
  template <class E, class F, class L> using type = zero_point_out_of_range<E, F, L>;
};
template <> struct class_of<mistake::scale_count_differs> {
  template <class E, class F, class L> using type = scale_count_differs<E, F, L>;
};
template <> struct class_of<mistake::missing_requantize> {
  template <class E, class F, class L> using type = missing_requantize<E, F, L>;
};
template <> struct class_of<mistake::missing_quantize> {
  template <class E, class F, class L> using type = missing_quantize<E, F, L>;
};
template <> struct class_of<mistake::missing_dequantize> {
  template <class E, class F, class L> using type = missing_dequantize<E, F, L>;
};
template <> struct class_of<mistake::inputs_of_one_name_differ> {
  template <class E, class F, class L> using type = inputs_of_one_name_differ<E, F, L>;
};
template <> struct class_of<mistake::too_many_nodes> {
  template <class E, class F, class L> using type = too_many_nodes<E, F, L>;
};
template <> struct class_of<mistake::no_rounding_in_this_law> {
  template <class E, class F, class L> using type = no_rounding_in_this_law<E, F, L>;
};
template <> struct class_of<mistake::no_such_form> {
  template <class E, class F, class L> using type = no_such_form<E, F, L>;
};
template <> struct class_of<mistake::input_missing> {
  template <class E, class F, class L> using type = input_missing<E, F, L>;
};
template <> struct class_of<mistake::arena_over_budget> {
  template <class E, class F, class L> using type = arena_over_budget<E, F, L>;
};
template <> struct class_of<mistake::state_written_twice> {
  template <class E, class F, class L> using type = state_written_twice<E, F, L>;
};
template <> struct class_of<mistake::not_a_state> {
  template <class E, class F, class L> using type = not_a_state<E, F, L>;
};
template <> struct class_of<mistake::no_such_result> {
  template <class E, class F, class L> using type = no_such_result<E, F, L>;
};
}  // namespace error

}  // namespace typed
OCTET_NAMESPACE_END

#endif  // OCTET_TYPED_ERROR_HPP_
