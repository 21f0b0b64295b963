// What nodes cost: the functions of op_def::macs that several operators share.
#ifndef OCTET_OPS_WORK_HPP_
#define OCTET_OPS_WORK_HPP_

#include "octet/ops/op.hpp"

OCTET_NAMESPACE_BEGIN
namespace ops {

/// Elements of an input as a number that cannot overflow; 0 where it is absent.
constexpr double elements_in(const node_view& n, std::size_t i) {
  return n.present(i) ? static_cast<double>(n.in[i].shape.elements().value) : 0;
}
constexpr double elements_out(const node_view& n, std::size_t i = 0) {
  return i < n.out.size() ? static_cast<double>(n.out[i].shape.elements().value) : 0;
}
/// Extent of an input's axis, at least 1: to divide by, and where the rank is not the operator's.
constexpr double extent_in(const node_view& n, std::size_t i, int axis) {
  return n.present(i) && axis < n.in[i].shape.rank ? std::max(n.in[i].shape[axis], 1) : 1;
}

/// Layers whose weights have the output channels in front: each output sums one channel's products.
constexpr double layer_macs(const node_view& n) {
  return elements_out(n) * elements_in(n, 1) / extent_in(n, 1, 0);
}
/// Weights [1, KH, KW, C]: each output sums a window.
constexpr double depthwise_macs(const node_view& n) {
  return elements_out(n) * extent_in(n, 1, 1) * extent_in(n, 1, 2);
}
/// Weights [O, KH, KW, C / groups]: each input element meets the taps of its group's channels.
constexpr double transpose_conv2d_macs(const node_view& n) {
  return elements_in(n, 0) * elements_in(n, 1) / extent_in(n, 0, 3);
}
/// Recurrent layers on x [.., .., C]: every step of every sequence meets these matrices.
constexpr double recurrent_macs(const node_view& n, std::initializer_list<std::size_t> matrices) {
  double weights = 0;
  for (const std::size_t i : matrices) weights += elements_in(n, i);
  return extent_in(n, 0, 0) * extent_in(n, 0, 1) * weights;
}
/// Windows of attributes window_h and window_w: each output reads those of its pixels that the
/// image has.
constexpr double window_steps(const node_view& n) {
  const auto inside = [&](const char* key, int axis) {
    const auto window = static_cast<double>(n.attrs->integer(key, 1));
    const double most = extent_in(n, 0, axis);
    return window < 1 ? 1 : window > most ? most : window;
  };
  return elements_out(n) * inside("window_h", 1) * inside("window_w", 2);
}

}  // namespace ops
OCTET_NAMESPACE_END

#endif  // OCTET_OPS_WORK_HPP_
