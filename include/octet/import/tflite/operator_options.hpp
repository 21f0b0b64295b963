// Options of operators as the TFLite schema has them: one struct a table. `fields` lists the
// members in the schema's order, which gives their ids; the members' initial values are the
// schema's defaults.
#ifndef OCTET_IMPORT_TFLITE_OPERATOR_OPTIONS_HPP_
#define OCTET_IMPORT_TFLITE_OPERATOR_OPTIONS_HPP_

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "octet/core/config.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

/// ActivationFunctionType.
enum class tflite_activation : std::int8_t {
  none = 0,
  relu = 1,
  relu_n1_to_1 = 2,
  relu6 = 3,
  tanh = 4,
  sign_bit = 5
};

namespace tflite_schema {

enum class tensor_type : std::int8_t;  // schema.hpp

/// Padding.
enum class padding_scheme : std::int8_t { same = 0, valid = 1 };
/// FullyConnectedOptionsWeightsFormat.
enum class weights_format : std::int8_t { plain = 0, shuffled4x16_int8 = 1 };

/// In `fields`: one that octet does not read.
struct unread_field {};
inline constexpr unread_field unread{};

struct conv_2d_options {
  padding_scheme padding = padding_scheme::same;
  std::int32_t stride_w = 0, stride_h = 0;
  tflite_activation activation = tflite_activation::none;
  std::int32_t dilation_w = 1, dilation_h = 1;
  tensor_type bias_type{};  // float32: not said
  static constexpr auto fields = std::tuple{
      &conv_2d_options::padding,    &conv_2d_options::stride_w,   &conv_2d_options::stride_h,
      &conv_2d_options::activation, &conv_2d_options::dilation_w, &conv_2d_options::dilation_h,
      &conv_2d_options::bias_type};
};
struct depthwise_conv_2d_options {
  padding_scheme padding = padding_scheme::same;
  std::int32_t stride_w = 0, stride_h = 0;
  tflite_activation activation = tflite_activation::none;
  std::int32_t dilation_w = 1, dilation_h = 1;
  static constexpr auto fields = std::tuple{&depthwise_conv_2d_options::padding,
                                            &depthwise_conv_2d_options::stride_w,
                                            &depthwise_conv_2d_options::stride_h,
                                            unread /* depth_multiplier: the weights' shape says */,
                                            &depthwise_conv_2d_options::activation,
                                            &depthwise_conv_2d_options::dilation_w,
                                            &depthwise_conv_2d_options::dilation_h};
};
struct transpose_conv_options {
  padding_scheme padding = padding_scheme::same;  // laws ask: the output says what is padded
  std::int32_t stride_w = 0, stride_h = 0;
  tflite_activation activation = tflite_activation::none;
  tensor_type bias_type{};  // of an absent bias too; float32: not said
  static constexpr auto fields =
      std::tuple{&transpose_conv_options::padding, &transpose_conv_options::stride_w,
                 &transpose_conv_options::stride_h, &transpose_conv_options::activation,
                 &transpose_conv_options::bias_type};
};
struct fully_connected_options {
  tflite_activation activation = tflite_activation::none;
  weights_format format = weights_format::plain;
  bool keep_num_dims = false, asymmetric_quantize_inputs = false;
  tensor_type bias_type{};  // of an absent bias too; float32: not said
  static constexpr auto fields = std::tuple{
      &fully_connected_options::activation, &fully_connected_options::format,
      &fully_connected_options::keep_num_dims, &fully_connected_options::asymmetric_quantize_inputs,
      &fully_connected_options::bias_type};
};
struct batch_matmul_options {
  bool adj_x = false, adj_y = false, asymmetric_quantize_inputs = false;
  static constexpr auto fields =
      std::tuple{&batch_matmul_options::adj_x, &batch_matmul_options::adj_y,
                 &batch_matmul_options::asymmetric_quantize_inputs};
};
struct pool_2d_options {
  padding_scheme padding = padding_scheme::same;
  std::int32_t stride_w = 0, stride_h = 0, filter_width = 0, filter_height = 0;
  tflite_activation activation = tflite_activation::none;
  static constexpr auto fields =
      std::tuple{&pool_2d_options::padding,       &pool_2d_options::stride_w,
                 &pool_2d_options::stride_h,      &pool_2d_options::filter_width,
                 &pool_2d_options::filter_height, &pool_2d_options::activation};
};
struct reducer_options {
  bool keep_dims = false;
  static constexpr auto fields = std::tuple{&reducer_options::keep_dims};
};
/// AddOptions, SubOptions.
struct sum_options {
  tflite_activation activation = tflite_activation::none;
  bool by_shifts = true;  // int16 with scales that are powers of two
  static constexpr auto fields = std::tuple{&sum_options::activation, &sum_options::by_shifts};
};
/// MulOptions, DivOptions.
struct binary_options {
  tflite_activation activation = tflite_activation::none;
  static constexpr auto fields = std::tuple{&binary_options::activation};
};
struct softmax_options {
  float beta = 0;
  static constexpr auto fields = std::tuple{&softmax_options::beta};
};
struct leaky_relu_options {
  float alpha = 0;
  static constexpr auto fields = std::tuple{&leaky_relu_options::alpha};
};
struct gelu_options {
  bool approximate = false;
  static constexpr auto fields = std::tuple{&gelu_options::approximate};
};
struct concatenation_options {
  std::int32_t axis = 0;
  tflite_activation activation = tflite_activation::none;
  static constexpr auto fields =
      std::tuple{&concatenation_options::axis, &concatenation_options::activation};
};
struct reshape_options {
  std::vector<std::int64_t> new_shape{};
  static constexpr auto fields = std::tuple{&reshape_options::new_shape};
};
struct squeeze_options {
  std::vector<std::int64_t> squeeze_dims{};
  static constexpr auto fields = std::tuple{&squeeze_options::squeeze_dims};
};
struct mirror_pad_options {
  std::int8_t mode = 0;  // as ops::mirror_pad has it: 0 reflect, 1 symmetric
  static constexpr auto fields = std::tuple{&mirror_pad_options::mode};
};
struct strided_slice_options {
  std::int32_t begin_mask = 0, end_mask = 0, ellipsis_mask = 0, new_axis_mask = 0,
               shrink_axis_mask = 0;
  bool offset = false;
  static constexpr auto fields =
      std::tuple{&strided_slice_options::begin_mask,       &strided_slice_options::end_mask,
                 &strided_slice_options::ellipsis_mask,    &strided_slice_options::new_axis_mask,
                 &strided_slice_options::shrink_axis_mask, &strided_slice_options::offset};
};
/// PackOptions, UnpackOptions.
struct pack_options {
  std::int32_t axis = 0;
  static constexpr auto fields =
      std::tuple{unread /* how many: the operands say */, &pack_options::axis};
};
struct gather_options {
  std::int32_t axis = 0, batch_dims = 0;
  static constexpr auto fields = std::tuple{&gather_options::axis, &gather_options::batch_dims};
};
struct one_hot_options {
  std::int32_t axis = 0;
  static constexpr auto fields = std::tuple{&one_hot_options::axis};
};
struct cumsum_options {
  bool exclusive = false, reverse = false;
  static constexpr auto fields = std::tuple{&cumsum_options::exclusive, &cumsum_options::reverse};
};
/// SpaceToDepthOptions, DepthToSpaceOptions.
struct block_size_options {
  std::int32_t block_size = 0;
  static constexpr auto fields = std::tuple{&block_size_options::block_size};
};
struct resize_bilinear_options {
  bool align_corners = false, half_pixel_centers = false;
  static constexpr auto fields = std::tuple{
      unread, unread /* new_height, new_width: no longer written */,
      &resize_bilinear_options::align_corners, &resize_bilinear_options::half_pixel_centers};
};
struct resize_nearest_neighbor_options {
  bool align_corners = false, half_pixel_centers = false;
  static constexpr auto fields = std::tuple{&resize_nearest_neighbor_options::align_corners,
                                            &resize_nearest_neighbor_options::half_pixel_centers};
};
/// UnidirectionalSequenceLSTMOptions.
struct sequence_lstm_options {
  tflite_activation activation = tflite_activation::none;
  float cell_clip = 0, state_clip = 0;
  bool time_major = false, asymmetric = false;
  static constexpr auto fields =
      std::tuple{&sequence_lstm_options::activation, &sequence_lstm_options::cell_clip,
                 &sequence_lstm_options::state_clip, &sequence_lstm_options::time_major,
                 &sequence_lstm_options::asymmetric};
};
struct bidirectional_lstm_options {
  tflite_activation activation = tflite_activation::none;
  float cell_clip = 0, state_clip = 0;
  bool merge_outputs = false, time_major = true, asymmetric = false;
  static constexpr auto fields = std::tuple{
      &bidirectional_lstm_options::activation, &bidirectional_lstm_options::cell_clip,
      &bidirectional_lstm_options::state_clip, &bidirectional_lstm_options::merge_outputs,
      &bidirectional_lstm_options::time_major, &bidirectional_lstm_options::asymmetric};
};
/// LSTMOptions: one step.
struct lstm_options {
  tflite_activation activation = tflite_activation::none;
  float cell_clip = 0, state_clip = 0;
  std::int8_t kernel = 0;  // 0: as the others, 1: BASIC
  bool asymmetric = false;
  static constexpr auto fields =
      std::tuple{&lstm_options::activation, &lstm_options::cell_clip, &lstm_options::state_clip,
                 &lstm_options::kernel, &lstm_options::asymmetric};
};
/// RNNOptions: one step.
struct rnn_options {
  tflite_activation activation = tflite_activation::none;
  bool asymmetric = false;
  static constexpr auto fields = std::tuple{&rnn_options::activation, &rnn_options::asymmetric};
};
struct sequence_rnn_options {
  bool time_major = false;
  tflite_activation activation = tflite_activation::none;
  bool asymmetric = false;
  static constexpr auto fields =
      std::tuple{&sequence_rnn_options::time_major, &sequence_rnn_options::activation,
                 &sequence_rnn_options::asymmetric};
};
struct bidirectional_rnn_options {
  bool time_major = false;
  tflite_activation activation = tflite_activation::none;
  bool merge_outputs = false, asymmetric = false;
  static constexpr auto fields =
      std::tuple{&bidirectional_rnn_options::time_major, &bidirectional_rnn_options::activation,
                 &bidirectional_rnn_options::merge_outputs, &bidirectional_rnn_options::asymmetric};
};
struct call_once_options {
  std::int32_t init = 0;  // a subgraph
  static constexpr auto fields = std::tuple{&call_once_options::init};
};
struct if_options {
  std::int32_t then_branch = 0, else_branch = 0;  // subgraphs
  static constexpr auto fields = std::tuple{&if_options::then_branch, &if_options::else_branch};
};
struct while_options {
  std::int32_t condition = 0, body = 0;  // subgraphs
  static constexpr auto fields = std::tuple{&while_options::condition, &while_options::body};
};
/// StableHLOCompositeOptions, in the second union.
struct composite_options {
  std::string name{};
  std::int32_t decomposition = 0;  // a subgraph
  static constexpr auto fields =
      std::tuple{&composite_options::name, &composite_options::decomposition};
};
struct var_handle_options {
  std::string container{}, shared_name{};
  static constexpr auto fields =
      std::tuple{&var_handle_options::container, &var_handle_options::shared_name};
};
struct reverse_sequence_options {
  std::int32_t axis = 0, batch_axis = 0;
  static constexpr auto fields =
      std::tuple{&reverse_sequence_options::axis, &reverse_sequence_options::batch_axis};
};
struct local_response_options {
  std::int32_t radius = 0;
  float bias = 0, alpha = 0, beta = 0;
  static constexpr auto fields =
      std::tuple{&local_response_options::radius, &local_response_options::bias,
                 &local_response_options::alpha, &local_response_options::beta};
};
struct conv_3d_options {
  padding_scheme padding = padding_scheme::same;
  std::int32_t stride_d = 0, stride_w = 0, stride_h = 0;
  tflite_activation activation = tflite_activation::none;
  std::int32_t dilation_d = 1, dilation_w = 1, dilation_h = 1;
  static constexpr auto fields = std::tuple{
      &conv_3d_options::padding,    &conv_3d_options::stride_d,   &conv_3d_options::stride_w,
      &conv_3d_options::stride_h,   &conv_3d_options::activation, &conv_3d_options::dilation_d,
      &conv_3d_options::dilation_w, &conv_3d_options::dilation_h};
};
struct bucketize_options {
  std::vector<float> boundaries{};
  static constexpr auto fields = std::tuple{&bucketize_options::boundaries};
};
struct fake_quant_options {
  float min = 0, max = 0;
  std::int32_t bits = 0;
  bool narrow_range = false;
  static constexpr auto fields =
      std::tuple{&fake_quant_options::min, &fake_quant_options::max, &fake_quant_options::bits,
                 &fake_quant_options::narrow_range};
};
struct svdf_options {
  std::int32_t rank = 0;
  tflite_activation activation = tflite_activation::none;
  bool asymmetric = false;
  static constexpr auto fields =
      std::tuple{&svdf_options::rank, &svdf_options::activation, &svdf_options::asymmetric};
};

}  // namespace tflite_schema
}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_OPERATOR_OPTIONS_HPP_
