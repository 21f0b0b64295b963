// The operators as people write them: values go in, values come out; `|` chains those with one
// input.
#ifndef OCTET_TYPED_OPERATORS_HPP_
#define OCTET_TYPED_OPERATORS_HPP_

#include <optional>

#include "octet/laws/layers.hpp"
#include "octet/laws/padding.hpp"
#include "octet/ops/list.hpp"
#include "octet/typed/network.hpp"

OCTET_NAMESPACE_BEGIN
namespace typed {

namespace detail {

/// An operator waiting for its first input: what stands right of `|`.
template <class F> struct pending {
  F apply;
  template <int C> constexpr value<C> operator()(const value<C>& x) const { return apply(x); }
};
template <class F> pending(F) -> pending<F>;

template <int C> constexpr const tensor_info& first(const value<C>& x) {
  return x.net.tensors[x.out[0]];
}
/// The value after one more node with one result.
template <int C>
constexpr value<C> then(value<C> v, const node_head& head, std::span<const std::int32_t> ins,
                        const attribute_list& attrs, const tensor_info& out) {
  std::int32_t id[1]{};
  if (append(v.net, head, ins, attrs, {&out, 1}, id)) v.out[0] = id[0];
  v.outs = 1;
  v.out_name[0] = nullptr;
  return v;
}
template <int C>
constexpr value<C> broken(value<C> v, mistake m, const dims& want, const dims& got,
                          std::int32_t line) {
  v.net.fail(m, want, got, line);
  return v;
}
/// Everything that b stands for inside a's graph, tensor by tensor. False where they do not join.
template <int C, int D>
constexpr bool join_all(value<C>& a, const value<D>& b, std::int32_t (&to)[most_results]) {
  if constexpr (C == at_run_time || D == at_run_time) {
    static_assert(C == D, "octet: a constexpr graph does not join one that is built at run time");
    if (&a.net != &b.net) return a.net.fail(mistake::graphs_differ, dims{}, dims{}, 0);
    for (std::int32_t i = 0; i < b.outs; ++i) to[i] = b.out[i];
    return a.net.wrong.what == mistake::none;
  } else {
    std::int32_t map[network<D>::tensor_room]{};
    merge(a.net, b.net, map);
    if (a.net.wrong.what != mistake::none) return false;
    for (std::int32_t i = 0; i < b.outs; ++i) to[i] = map[b.out[i]];
    return true;
  }
}
/// A value of b's graph inside a's.
template <int C, int D> constexpr std::int32_t join(value<C>& a, const value<D>& b) {
  std::int32_t to[most_results]{};
  return join_all(a, b, to) ? to[0] : 0;
}
/// A count of channels or weights from two numbers of the caller; INT32_MAX, which no tensor has,
/// where it does not fit.
constexpr std::int32_t count_of(std::int32_t a, std::int32_t b) {
  return saturated(std::int64_t{a} * b);
}
constexpr tensor_info typed_as(dtype type, affine q) {
  tensor_info t{};
  t.type = type;
  t.scale = q.scale;
  t.zero_point = q.zero_point;
  return t;
}
template <class T> constexpr tensor_info named_as(role r, const char* name) {
  tensor_info t = typed_as(T::type, T::quantization);
  t.role = r;
  t.shape = pack(T::shape::extents);
  t.name = name;
  return t;
}
constexpr bool is_accumulator(const tensor_info& t) { return accumulator_types.contains(t.type); }
/// Of two operators that go by one name, the one for this first operand.
constexpr const op_def& operator_for(const op_def& quantized, const op_def& plain,
                                     const tensor_info& x) {
  return octet::operator_for(quantized, plain, x.type, x.quantized());
}
/// A node's operator and rounding; rounding none leaves it to the graph's law.
constexpr node_head head_of(const op_def& op, rounding round, std::int32_t line,
                            activation act = activation::none) {
  return {.op = &op, .round = round, .by_law = round == rounding::none, .act = act, .line = line};
}
/// The mistake of giving x to an operator on quantized values; none where it is one.
constexpr mistake why_not_quantized(const tensor_info& x) {
  return is_accumulator(x)                   ? mistake::missing_requantize
         : is_float(x.type)                  ? mistake::missing_quantize
         : !quantized_types.contains(x.type) ? mistake::element_types_differ
         : !x.quantized()                    ? mistake::missing_quantize
                                             : mistake::none;
}
template <int C>
constexpr bool need_quantized(value<C>& v, const tensor_info& x, std::int32_t line) {
  const mistake m = why_not_quantized(x);
  return m == mistake::none || v.net.fail(m, dims{static_cast<std::int32_t>(dtype::s8)},
                                          dims{static_cast<std::int32_t>(x.type)}, line);
}

}  // namespace detail

/// x | op: op applied to x. Left to right, as data flows.
template <int C, class F>
constexpr value<C> operator|(const value<C>& x, const detail::pending<F>& op) {
  return x.net.wrong.what == mistake::none ? op(x) : x;
}

// ---- values and constants ----

/// An input of the graph. Inputs of one name are one input; two inputs need two names.
template <class T, int Capacity = default_capacity>
constexpr value<Capacity> input(const char* name = "input", std::int32_t line = __builtin_LINE()) {
  value<Capacity> v{};
  const detail::tensor_info t = detail::named_as<T>(detail::role::input, name);
  if (t.scale != 0 || t.zero_point != 0) detail::check_quantization(v.net, t, line);
  v.out[0] = v.net.add_tensor(t, line);
  v.outs = 1;
  return v;
}

/// Memory that a graph keeps from run to run, until reset(): what recurrent operators read and
/// write. One state has one writer; `name` tells states of one type apart. It starts as real zero.
template <class T, int Capacity = default_capacity>
constexpr value<Capacity> state(const char* name, std::int32_t line = __builtin_LINE()) {
  value<Capacity> v{};
  v.out[0] = v.net.add_tensor(detail::named_as<T>(detail::role::state, name), line);
  v.outs = 1;
  return v;
}

/// Weights, biases, tables: memory of the caller with its element type, count and quantization,
/// from an array, std::array, span or vector. In constexpr graphs it is static and must stay for as
/// long as the graph is used; data in another translation unit (`extern const std::int8_t w[432];`)
/// compiles fastest, and may be filled when the program starts. octet::graph_builder copies it when
/// an operator takes it.
struct constant {
  dtype type = dtype::f32;
  const void* data = nullptr;
  std::size_t count = 0;
  double scale = 0;
  std::int32_t zero_point = 0;
  const float* scales32 = nullptr;
  const double* scales64 = nullptr;
  std::int32_t channels = 0;
  const std::int32_t* zero_points = nullptr;

  constexpr constant() = default;
  template <class T, std::size_t N>
  constexpr constant(const T (&a)[N]) : type(dtype_of<T>), data(a), count(N) {}  // NOLINT
  template <class T, std::size_t N>
  constexpr constant(const std::array<T, N>& a)
      : type(dtype_of<T>), data(a.data()), count(N) {}  // NOLINT
  template <class T, std::size_t N>
  constexpr constant(std::span<T, N> a)
      : type(dtype_of<std::remove_const_t<T>>), data(a.data()), count(a.size()) {}  // NOLINT
  template <class T>
  constant(const std::vector<T>& a)
      : type(dtype_of<T>), data(a.data()), count(a.size()) {}  // NOLINT
  constexpr bool present() const { return count != 0; }
};
/// Weights with one scale (and zero point) for all.
constexpr constant per_tensor(constant w, double scale, std::int32_t zero_point = 0) {
  w.scale = scale;
  w.zero_point = zero_point;
  return w;
}
/// Weights with one scale per output channel: an array, std::array, span or vector of float or
/// double, which stays where it is.
template <class Scales> constexpr constant per_channel(constant w, const Scales& scales) {
  using number = std::remove_cvref_t<decltype(*std::data(scales))>;
  static_assert(std::is_same_v<number, float> || std::is_same_v<number, double>,
                "octet: scales are float or double");
  if constexpr (std::is_same_v<number, float>)
    w.scales32 = std::data(scales);
  else
    w.scales64 = std::data(scales);
  w.channels = saturated(static_cast<std::int64_t>(std::size(scales)));
  return w;
}
/// As many zero points as scales, std::int32_t.
template <class Scales, class ZeroPoints>
constexpr constant per_channel(constant w, const Scales& scales, const ZeroPoints& zero_points) {
  constant c = per_channel(w, scales);
  if (std::size(zero_points) != std::size(scales)) return c.channels = -1, c;
  c.zero_points = std::data(zero_points);
  return c;
}

namespace detail {
constexpr tensor_info constant_info(const constant& c, const dims& shape, std::int32_t axis) {
  tensor_info t{};
  t.type = c.type;
  t.role = role::constant;
  t.shape = pack(shape);
  t.scale = c.channels == 0 ? c.scale : 0;
  t.zero_point = c.zero_point;
  t.scales32 = c.scales32;
  t.scales64 = c.scales64;
  t.channels = c.channels;
  t.zero_points = c.zero_points;
  t.axis = c.channels != 0 ? axis : 0;
  t.data = c.data;
  t.bytes = c.count * size_of(c.type);
  return t;
}
}  // namespace detail

/// Several results: `outputs(scores, boxes)`.
template <int C, class... V> constexpr value<C> outputs(value<C> a, const V&... more) {
  (
      [&] {
        std::int32_t to[detail::most_results]{};
        if (!detail::join_all(a, more, to)) return;
        constexpr auto room = static_cast<std::int32_t>(detail::most_results);
        if (a.outs + more.outs > room)
          return static_cast<void>(
              a.net.fail(mistake::too_many_nodes, dims{room}, dims{a.outs + more.outs}, 0));
        for (std::int32_t i = 0; i < more.outs; ++i) {
          a.out_name[a.outs] = more.out_name[i];
          a.out[a.outs++] = to[i];
        }
      }(),
      ...);
  return a;
}
/// The name a result goes by: `x | named("scores")`.
constexpr auto named(const char* name) {
  return detail::pending{[name]<int C>(value<C> v) {
    v.out_name[0] = v.net.kept.text(name);
    return v;
  }};
}

// ---- any operator, by its IR form ----

/// Type of a result: by default that of the first input.
struct result_type {
  bool keep = true;
  dtype type = dtype::u8;
  affine quantization{};
  constexpr result_type() = default;
  constexpr result_type(dtype t, affine q = {})
      : keep(false), type(t), quantization(q) {}  // NOLINT
  std::int32_t state = -1;
};
/// The result that is the node's new state: input i, which must be a state.
constexpr result_type updates(std::int32_t i) {
  result_type t;
  t.state = i;
  return t;
}
namespace detail {
/// Lists written in a program have their room: more is a mistake of the program.
constexpr void check_room(std::size_t count, std::size_t room) {
  if (count > room)
    octet::detail::require(
        invalid("numbers in one list", std::to_string(count), "at most " + std::to_string(room)));
}
}  // namespace detail
/// An attribute by the name that the IR prints. `at`: the line where it is written, which becomes
/// the node's in errors.
struct attr {
  const char* key;
  attribute_value::kind type;
  std::int64_t integer = 0;
  double real = 0;
  std::array<std::int64_t, 32> integers{};
  std::array<double, 32> reals{};
  std::size_t count = 0;
  std::int32_t line;
  constexpr attr(const char* k, int v, std::int32_t at = __builtin_LINE())
      : attr(k, std::int64_t{v}, at) {}
  constexpr attr(const char* k, std::int64_t v, std::int32_t at = __builtin_LINE())
      : key(k), type(attribute_value::kind::integer), integer(v), line(at) {}
  constexpr attr(const char* k, double v, std::int32_t at = __builtin_LINE())
      : key(k), type(attribute_value::kind::real), real(v), line(at) {}
  template <class T>
  constexpr attr(const char* k, std::initializer_list<T> v, std::int32_t at = __builtin_LINE())
      : key(k),
        type(std::is_floating_point_v<T> ? attribute_value::kind::reals
                                         : attribute_value::kind::integers),
        count(v.size()),
        line(at) {
    detail::check_room(count, integers.size());
    if constexpr (std::is_floating_point_v<T>)
      std::copy(v.begin(), v.end(), reals.begin());
    else
      std::copy(v.begin(), v.end(), integers.begin());
  }
};
struct attrs {
  detail::attribute_list list{};
  std::int32_t line = 0;  // of the last; 0: there is none
  template <class... A> constexpr attrs(const A&... a) { (add(a), ...); }  // NOLINT

 private:
  constexpr void add(const attr& a) {
    line = a.line;
    detail::check_room(as_size(list.count) + 1, detail::attribute_list::room);
    detail::check_room(as_size(std::max(list.integer_count, list.real_count)) + a.count,
                       detail::attribute_list::number_room);
    if (a.type == attribute_value::kind::integer)
      list.integer(a.key, a.integer);
    else if (a.type == attribute_value::kind::real)
      list.real(a.key, a.real);
    else if (a.type == attribute_value::kind::integers)
      list.integer_list(a.key, std::span<const std::int64_t>(a.integers.data(), a.count));
    else
      list.real_list(a.key, std::span<const double>(a.reals.data(), a.count));
  }
};
/// A constant input with its shape; `axis`: that of per-channel scales.
struct shaped_constant {
  detail::tensor_info info;
};
constexpr shaped_constant shaped(const constant& c, const dims& shape, std::int32_t axis = 0) {
  return {detail::constant_info(c, shape, axis)};
}
/// An optional input that is not there.
struct absent_t {};
inline constexpr absent_t absent{};

/// Types of the results of node().
struct results {
  std::array<result_type, 16> list{};
  std::size_t count = 1;
  constexpr results() = default;
  constexpr results(dtype t, affine q = {}) : list{result_type(t, q)} {}  // NOLINT
  constexpr results(std::initializer_list<result_type> l) : count(l.size()) {
    detail::check_room(count, list.size());
    std::copy(l.begin(), l.end(), list.begin());
  }
};

namespace detail {
constexpr tensor_info result_info(const result_type& r, const tensor_info& first) {
  if (r.state >= 0) {
    tensor_info t{};
    t.role = role::state;
    t.axis = r.state;
    return t;
  }
  if (!r.keep) return typed_as(r.type, r.quantization);
  tensor_info t = first;
  t.role = role::value;
  t.name = nullptr;
  t.data = nullptr;
  t.bytes = 0;
  return t;
}
template <int C> constexpr std::int32_t operand(value<C>& v, const absent_t&, std::int32_t) {
  (void)v;
  return -1;
}
template <int C>
constexpr std::int32_t operand(value<C>& v, const shaped_constant& c, std::int32_t line) {
  if (const std::size_t want = unpack(c.info.shape).elements().value * size_of(c.info.type);
      want != c.info.bytes)
    v.net.fail(mistake::weight_count_differs, unpack(c.info.shape),
               dims{static_cast<std::int32_t>(c.info.bytes / size_of(c.info.type))}, line);
  if (const std::int32_t rank = c.info.shape.rank; c.info.channels != 0) {
    if (c.info.axis < 0 || c.info.axis >= rank)
      v.net.fail(mistake::axis_out_of_range, dims{0, rank - 1}, dims{c.info.axis}, line);
    else if (c.info.channels != c.info.shape.extent[c.info.axis])
      v.net.fail(mistake::scale_count_differs, dims{c.info.shape.extent[c.info.axis]},
                 dims{c.info.channels}, line);
  }
  if (v.net.wrong.what != mistake::none) return -1;
  return v.net.add_tensor(c.info, line);
}
template <int C, int D>
constexpr std::int32_t operand(value<C>& v, const value<D>& x, std::int32_t) {
  return join(v, x);
}
}  // namespace detail

/// Any operator of the list in its IR form: attributes by name, rounding as the IR prints it. x:
/// its first input; more: the others in order (values, shaped constants, absent). Every operator
/// has this form; the builders below are for those that deserve better.
template <int C, class... V>
constexpr value<C> node(const op_def& op, const attrs& a, const results& out, rounding round,
                        const value<C>& x, const V&... more) {
  value<C> v = x;
  if (v.net.wrong.what != mistake::none) return v;
  std::array<std::int32_t, 1 + sizeof...(V)> ins{x.out[0]};
  std::size_t k = 1;
  ((ins[k++] = detail::operand(v, more, 0)), ...);
  if (v.net.wrong.what != mistake::none) return v;
  std::array<detail::tensor_info, 16> types{};
  for (std::size_t i = 0; i < out.count; ++i)
    types[i] = detail::result_info(out.list[i], v.net.tensors[ins[0] < 0 ? 0 : ins[0]]);
  std::int32_t ids[16]{};
  detail::node_head head{&op, round};
  head.line = a.line;
  if (detail::append(v.net, head, ins, a.list, {types.data(), out.count}, ids)) {
    for (std::size_t i = 0; i < out.count; ++i) v.out[i] = ids[i], v.out_name[i] = nullptr;
    v.outs = static_cast<std::int32_t>(out.count);
  }
  return v;
}
/// The same as the right-hand side of `|`.
template <class... V>
constexpr auto apply(const op_def& op, attrs a = {}, results out = {},
                     rounding round = rounding::none, const V&... more) {
  return detail::pending{[&op, a, out, round, ... more = more]<int C>(const value<C>& x) {
    return node(op, a, out, round, x, more...);
  }};
}

// ---- with weights ----

struct window {
  std::int32_t h = 1, w = 1;
};
/// Padding of an image: `same` as TensorFlow's, `valid` none, or explicit.
struct padding {
  bool is_same = false;
  std::int32_t top = 0, left = 0, bottom = 0, right = 0;
};
inline constexpr padding same{true};
inline constexpr padding valid{};
constexpr padding pad_by(std::int32_t top, std::int32_t left, std::int32_t bottom,
                         std::int32_t right) {
  return {false, top, left, bottom, right};
}

struct conv2d_options {
  std::int32_t filters = 0;  // output channels
  window kernel{1, 1}, stride{1, 1}, dilation{1, 1};
  typed::padding padding = same;
  std::int32_t groups = 1;
  typed::activation activation = activation::none;
  std::optional<dtype> type{};      // of the output; none: that of the input
  rounding round = rounding::none;  // none: by the graph's law
};
struct depthwise_conv2d_options {
  std::int32_t multiplier = 1;  // output channels per input channel
  window kernel{3, 3}, stride{1, 1}, dilation{1, 1};
  typed::padding padding = same;
  typed::activation activation = activation::none;
  std::optional<dtype> type{};
  rounding round = rounding::none;
};
struct transpose_conv2d_options {
  std::int32_t filters = 0;  // output channels
  window kernel{2, 2}, stride{2, 2}, dilation{1, 1};
  typed::padding padding = same;  // same: the output is stride times the input; valid and explicit:
                                  // what the kernel reaches, cropped by this much
  window output_padding{0, 0};    // rows and columns more at the bottom and right; not with `same`
  std::int32_t groups = 1;
  typed::activation activation = activation::none;
  std::optional<dtype> type{};
  rounding round = rounding::none;
};
struct dense_options {
  std::int32_t units = 0;  // outputs
  typed::activation activation = activation::none;
  bool keep_dims = false;  // [..., K] to [..., units] instead of [batch, units]
  std::optional<dtype> type{};
  rounding round = rounding::none;
};

namespace detail {
template <class A>
constexpr void set_padding(A& a, const padding& p, const dims& x, window kernel, window stride,
                           window dilation) {
  if (p.is_same) {
    const auto rows = laws::same_padding(x[1], kernel.h, stride.h, dilation.h),
               columns = laws::same_padding(x[2], kernel.w, stride.w, dilation.w);
    a.pad_top = rows.before, a.pad_bottom = rows.after;
    a.pad_left = columns.before, a.pad_right = columns.after;
  } else {
    a.pad_top = p.top, a.pad_left = p.left, a.pad_bottom = p.bottom, a.pad_right = p.right;
  }
}
/// A sum of products and its rounding to quantization q, in the type `out` (none: x's). Without a
/// quantization the result is the accumulators; put requantize after them.
template <int C>
constexpr value<C> layer(const value<C>& v, node_head head, std::span<const std::int32_t> ins,
                         const attribute_list& a, const affine& q, std::optional<dtype> out) {
  const tensor_info &x = v.net.tensors[ins[0]], &w = v.net.tensors[ins[1]];
  if (head.round != rounding::none || q.scale != 0) {
    if (!(q.scale > 0))
      return broken(v, mistake::scale_not_positive, dims{1}, dims{millionths(q.scale)}, head.line);
    return then(v, head, ins, a, typed_as(out.value_or(x.type), q));
  }
  head.by_law = false;
  const bool int32_bias = ins.size() > 2 && v.net.tensors[ins[2]].type == dtype::s32;
  const double scale = w.channels == 0 ? laws::accumulator_scale(false, x.scale, w.scale) : 0;
  return then(v, head, ins, a, typed_as(laws::accumulator_type(x.type, int32_bias), {scale, 0}));
}
/// Node with weights w (of this shape, scales along `axis`) and bias: checks counts, then lets the
/// operator's rule speak.
template <int C>
constexpr value<C> weighted(const value<C>& x, const op_def& op, const attribute_list& a,
                            const constant& w, const dims& w_shape, std::int32_t axis,
                            std::int32_t channels, const constant& bias, const affine& q,
                            std::optional<dtype> out, activation act, rounding round,
                            std::int32_t line) {
  value<C> v = x;
  const tensor_info in = first(x);
  if (!need_quantized(v, in, line)) return v;
  if (!quantized_types.contains(w.type))
    return broken(v, mistake::element_types_differ, dims{static_cast<std::int32_t>(dtype::s8)},
                  dims{static_cast<std::int32_t>(w.type)}, line);
  if (w_shape.elements().value != w.count)
    return broken(v, mistake::weight_count_differs,
                  dims{static_cast<std::int32_t>(w_shape.elements().value)},
                  dims{static_cast<std::int32_t>(w.count)}, line);
  if (w.channels != 0 && w.channels != channels)
    return broken(v, mistake::scale_count_differs, dims{channels}, dims{w.channels}, line);
  if (w.channels == 0 && !(w.scale > 0))
    return broken(v, mistake::scale_not_positive, dims{1}, dims{millionths(w.scale)}, line);
  if (bias.present() && bias.count != as_size(channels))
    return broken(v, mistake::bias_count_differs, dims{channels},
                  dims{static_cast<std::int32_t>(bias.count)}, line);
  std::int32_t ins[3]{x.out[0], v.net.add_tensor(constant_info(w, w_shape, axis), line), -1};
  if (bias.present()) ins[2] = v.net.add_tensor(constant_info(bias, dims{channels}, 0), line);
  return layer(v, head_of(op, round, line, act),
               {ins, bias.present() ? std::size_t{3} : std::size_t{2}}, a, q, out);
}
}  // namespace detail

/// 2-D convolution of x [N,H,W,C] with w [filters, kernel.h, kernel.w, C / groups]. Without an
/// output quantization the result is the int32 (int16 activations: int64) accumulators; put
/// requantize after them.
constexpr auto conv2d(conv2d_options o, constant w, constant bias = {}, affine out = {},
                      std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    const dims s = detail::unpack(detail::first(x).shape);
    if (s.rank != 4) return detail::broken(x, mistake::wrong_rank, dims{0, 0, 0, 0}, s, line);
    if (o.groups < 1 || s[3] % o.groups != 0)
      return detail::broken(x, mistake::groups_do_not_divide_channels, dims{s[3]}, dims{o.groups},
                            line);
    conv2d_attrs a;
    a.stride_h = o.stride.h, a.stride_w = o.stride.w, a.dilation_h = o.dilation.h,
    a.dilation_w = o.dilation.w, a.groups = o.groups;
    detail::set_padding(a, o.padding, s, o.kernel, o.stride, o.dilation);
    detail::attribute_list list{};
    detail::append_attributes(list, a);
    return detail::weighted(x, ops::conv2d, list, w,
                            dims{o.filters, o.kernel.h, o.kernel.w, s[3] / o.groups}, 0, o.filters,
                            bias, out, o.type, o.activation, o.round, line);
  }};
}
/// Depthwise convolution of x [N,H,W,C] with w [kernel.h, kernel.w, C * multiplier].
constexpr auto depthwise_conv2d(depthwise_conv2d_options o, constant w, constant bias = {},
                                affine out = {}, std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    const dims s = detail::unpack(detail::first(x).shape);
    if (s.rank != 4) return detail::broken(x, mistake::wrong_rank, dims{0, 0, 0, 0}, s, line);
    conv2d_attrs a;
    a.stride_h = o.stride.h, a.stride_w = o.stride.w, a.dilation_h = o.dilation.h,
    a.dilation_w = o.dilation.w;
    detail::set_padding(a, o.padding, s, o.kernel, o.stride, o.dilation);
    detail::attribute_list list{};
    detail::append_attributes(list, a);
    const std::int32_t channels = detail::count_of(s[3], o.multiplier);
    return detail::weighted(x, ops::depthwise_conv2d, list, w,
                            dims{1, o.kernel.h, o.kernel.w, channels}, 3, channels, bias, out,
                            o.type, o.activation, o.round, line);
  }};
}
/// Transposed convolution of x [N,H,W,C] with w [filters, kernel.h, kernel.w, C / groups].
constexpr auto transpose_conv2d(transpose_conv2d_options o, constant w, constant bias = {},
                                affine out = {}, std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    const dims s = detail::unpack(detail::first(x).shape);
    if (s.rank != 4) return detail::broken(x, mistake::wrong_rank, dims{0, 0, 0, 0}, s, line);
    if (o.groups < 1 || s[3] % o.groups != 0)
      return detail::broken(x, mistake::groups_do_not_divide_channels, dims{s[3]}, dims{o.groups},
                            line);
    transpose_conv2d_attrs a;
    a.stride_h = o.stride.h, a.stride_w = o.stride.w, a.dilation_h = o.dilation.h,
    a.dilation_w = o.dilation.w, a.groups = o.groups;
    a.output_padding_h = o.output_padding.h, a.output_padding_w = o.output_padding.w;
    a.pad_top = o.padding.top, a.pad_left = o.padding.left, a.pad_bottom = o.padding.bottom,
    a.pad_right = o.padding.right;
    if (o.padding.is_same) {
      const auto beyond = [](std::int64_t kernel, std::int64_t dilation, std::int64_t stride) {
        return saturated((kernel - 1) * dilation + 1 - stride);
      };
      const auto rows = laws::transposed_padding(beyond(o.kernel.h, o.dilation.h, o.stride.h)),
                 columns = laws::transposed_padding(beyond(o.kernel.w, o.dilation.w, o.stride.w));
      a.pad_top = rows.before, a.pad_bottom = rows.after, a.output_padding_h = rows.more;
      a.pad_left = columns.before, a.pad_right = columns.after, a.output_padding_w = columns.more;
    }
    detail::attribute_list list{};
    detail::append_attributes(list, a);
    return detail::weighted(x, ops::transpose_conv2d, list, w,
                            dims{o.filters, o.kernel.h, o.kernel.w, s[3] / o.groups}, 0, o.filters,
                            bias, out, o.type, o.activation, o.round, line);
  }};
}
/// Fully connected layer: x flattened to [elements / K, K], w [units, K].
constexpr auto dense(dense_options o, constant w, constant bias = {}, affine out = {},
                     std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    const dims s = detail::unpack(detail::first(x).shape);
    std::int32_t k = s.back(0);
    if (!o.keep_dims)  // [N, H, W, C] counts as [N, H * W * C]
      for (int i = 1; i + 1 < s.rank; ++i) k = detail::count_of(k, s[i]);
    fully_connected_attrs a;
    a.keep_dims = o.keep_dims;
    detail::attribute_list list{};
    detail::append_attributes(list, a);
    return detail::weighted(x, ops::fully_connected, list, w, dims{o.units, k}, 0, o.units, bias,
                            out, o.type, o.activation, o.round, line);
  }};
}

// ---- quantize, dequantize, requantize ----

/// float32 to quantized values.
constexpr auto quantize(affine q, dtype type = dtype::u8, rounding round = rounding::none,
                        std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    const detail::tensor_info& t = detail::first(x);
    if (!takes_input(ops::quantize, 0, t.type))
      return detail::broken(x, mistake::missing_dequantize,
                            dims{static_cast<std::int32_t>(dtype::f32)},
                            dims{static_cast<std::int32_t>(t.type)}, line);
    if (!(q.scale > 0))
      return detail::broken(x, mistake::scale_not_positive, dims{1},
                            dims{detail::millionths(q.scale)}, line);
    return detail::then(x, detail::head_of(ops::quantize, round, line), {x.out, 1},
                        detail::attribute_list{}, detail::typed_as(type, q));
  }};
}
namespace detail {
/// quantize(0.1f, 3) and the like: two numbers where a quantization is asked for.
template <class Number> struct in_braces {
  static_assert(error::no<Number>,
                "octet: scale and zero point go in braces: quantize({0.1f, 3}, u8), "
                "requantize({0.1f, 3})");
};
template <class T>
concept number = std::is_arithmetic_v<T>;
}  // namespace detail
template <detail::number Scale, detail::number ZeroPoint, class... More>
constexpr auto quantize(Scale, ZeroPoint, const More&...) {
  return detail::in_braces<Scale>(), quantize(affine{1, 0});
}
/// Quantized values to float32.
constexpr auto dequantize(std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    const detail::tensor_info& t = detail::first(x);
    if (is_float(t.type) || !t.quantized())
      return detail::broken(x, mistake::missing_quantize,
                            dims{static_cast<std::int32_t>(dtype::s8)},
                            dims{static_cast<std::int32_t>(t.type)}, line);
    return detail::then(x, detail::head_of(ops::dequantize, rounding::none, line), {x.out, 1},
                        detail::attribute_list{}, detail::typed_as(dtype::f32, {}));
  }};
}
namespace detail {
template <int C>
constexpr value<C> requantized(const value<C>& x, affine q, std::optional<dtype> type,
                               rounding round, bool has_law, law own, activation act,
                               std::int32_t line) {
  const tensor_info t = first(x);
  if (is_float(t.type))
    return broken(x, mistake::missing_quantize, dims{static_cast<std::int32_t>(dtype::s8)},
                  dims{static_cast<std::int32_t>(t.type)}, line);
  if (!(q.scale > 0))
    return broken(x, mistake::scale_not_positive, dims{1}, dims{millionths(q.scale)}, line);
  const dtype to = type.value_or(is_accumulator(t) ? dtype::s8 : t.type);
  node_head head = head_of(ops::requantize, round, line, act);
  head.has_law = has_law;
  head.own_law = own;
  // Accumulators: one node that accumulates and requantizes. The accumulating one stays if
  // something else reads it.
  if (is_accumulator(t))
    for (std::int32_t k = x.net.node_count - 1; k >= 0; --k) {
      const node_info by = x.net.nodes[k];
      if (by.outs != 1 || x.net.operands[by.first_out] != x.out[0]) continue;
      if (by.round != rounding::none || by.by_law) break;
      attribute_list a{};
      for (std::int32_t i = 0; i < by.attrs; ++i)
        a.list[a.count++] =
            copy_attribute(x.net.attrs[by.first_attr + i], x.net, a, a.integer_count, a.real_count);
      std::array<std::int32_t, most_operands> ins{};
      for (std::int32_t i = 0; i < by.ins; ++i) ins[as_size(i)] = x.net.operands[by.first_in + i];
      head.op = by.op;
      return then(x, head, {ins.data(), as_size(by.ins)}, a, typed_as(to, q));
    }
  if (!t.quantized())
    return broken(x, mistake::missing_quantize, dims{static_cast<std::int32_t>(dtype::s8)},
                  dims{static_cast<std::int32_t>(t.type)}, line);
  return then(x, head, {x.out, 1}, attribute_list{}, typed_as(to, q));
}
}  // namespace detail
struct requantize_options {
  std::optional<dtype> type{};  // of the result; none: as the input (accumulators: int8)
  typed::activation activation = activation::none;
  rounding round = rounding::none;
};
/// To another scale, zero point or element type, by the graph's law.
constexpr auto requantize(affine q, requantize_options o = {},
                          std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    return detail::requantized(x, q, o.type, o.round, false, law::tflite_ref, o.activation, line);
  }};
}
template <detail::number Scale, detail::number ZeroPoint, class... More>
constexpr auto requantize(Scale, ZeroPoint, const More&...) {
  return detail::in_braces<Scale>(), requantize(affine{1, 0});
}
/// The same by law L, whatever the graph's is.
template <law L>
constexpr auto requantize(affine q, requantize_options o = {},
                          std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    return detail::requantized(x, q, o.type, o.round, true, L, o.activation, line);
  }};
}

// ---- two operands and more ----

struct binary_options {
  typed::activation activation = activation::none;
  std::optional<dtype> type{};
  rounding round = rounding::none;
};
namespace detail {
template <int C, int D>
constexpr value<C> binary(const op_def& quantized, const op_def& plain, const value<C>& a,
                          const value<D>& b, affine q, const binary_options& o, std::int32_t line) {
  value<C> v = a;
  if (v.net.wrong.what != mistake::none) return v;
  const std::int32_t other = join(v, b);
  if (v.net.wrong.what != mistake::none) return v;
  const tensor_info x = v.net.tensors[a.out[0]], y = v.net.tensors[other];
  if (x.type != y.type &&
      (is_float(x.type) || is_float(y.type) || is_accumulator(x) || is_accumulator(y)))
    return broken(v,
                  is_accumulator(x) || is_accumulator(y) ? mistake::missing_requantize
                                                         : mistake::missing_quantize,
                  dims{static_cast<std::int32_t>(x.type)}, dims{static_cast<std::int32_t>(y.type)},
                  line);
  const std::int32_t ins[2]{a.out[0], other};
  if (is_float(x.type) || (is_accumulator(x) && !x.quantized()))
    return then(v, head_of(plain, o.round, line, o.activation), ins, attribute_list{},
                typed_as(x.type, {}));
  if (!need_quantized(v, x, line) || !need_quantized(v, y, line)) return v;
  if (!(q.scale > 0))
    return broken(v, mistake::scale_not_positive, dims{1}, dims{millionths(q.scale)}, line);
  return then(v, head_of(quantized, o.round, line, o.activation), ins, attribute_list{},
              typed_as(o.type.value_or(x.type), q));
}
}  // namespace detail
/// a + b with broadcasting. Quantized operands need the result's quantization.
template <int C, int D>
constexpr value<C> add(const value<C>& a, const value<D>& b, affine q = {}, binary_options o = {},
                       std::int32_t line = __builtin_LINE()) {
  return detail::binary(ops::qnn_add, ops::add, a, b, q, o, line);
}
template <int C, int D>
constexpr value<C> sub(const value<C>& a, const value<D>& b, affine q = {}, binary_options o = {},
                       std::int32_t line = __builtin_LINE()) {
  return detail::binary(ops::qnn_sub, ops::sub, a, b, q, o, line);
}
template <int C, int D>
constexpr value<C> mul(const value<C>& a, const value<D>& b, affine q = {}, binary_options o = {},
                       std::int32_t line = __builtin_LINE()) {
  return detail::binary(ops::qnn_mul, ops::mul, a, b, q, o, line);
}

namespace detail {
struct concat_head {
  std::int32_t axis;
  affine q;
  std::int32_t line;
  /// axis; result's quantization where it is not the first input's.
  template <int C, class... V>
  constexpr value<C> operator()(const value<C>& a, const V&... more) const {
    value<C> v = a;
    std::array<std::int32_t, 1 + sizeof...(V)> ins{a.out[0]};
    std::size_t k = 1;
    ((ins[k++] = v.net.wrong.what == mistake::none ? join(v, more) : 0), ...);
    if (v.net.wrong.what != mistake::none) return v;
    const tensor_info x = v.net.tensors[ins[0]];
    for (std::int32_t i : ins)
      if (const tensor_info& t = v.net.tensors[i]; t.type != x.type)
        return broken(v, mistake::element_types_differ, dims{static_cast<std::int32_t>(x.type)},
                      dims{static_cast<std::int32_t>(t.type)}, line);
    attribute_list a1{};
    append_attributes(a1, concat_attrs{axis});
    tensor_info y = typed_as(x.type, q.scale != 0 ? q : affine{x.scale, x.zero_point});
    return then(v, head_of(operator_for(ops::qnn_concat, ops::concat, x), rounding::none, line),
                ins, a1, y);
  }
};
}  // namespace detail
/// concat(axis)(a, b, c): side by side along an axis (negative: from the end). Quantization: the
/// first input's unless given.
constexpr detail::concat_head concat(std::int32_t axis, affine q = {},
                                     std::int32_t line = __builtin_LINE()) {
  return {axis, q, line};
}

// ---- pooling and reductions ----

struct pool2d_options {
  window kernel{2, 2}, stride{2, 2};
  typed::padding padding = valid;
  typed::activation activation = activation::none;
  bool ceil_mode = false, count_include_pad = false;
  rounding round = rounding::none;
};
struct reduce_options {
  bool keep_dims = false;  // the axes stay, with extent 1
  rounding round = rounding::none;
};
namespace detail {
constexpr auto pool(const op_def& quantized, const op_def& plain, pool2d_options o, affine q,
                    std::int32_t line) {
  return pending{[=, &quantized, &plain]<int C>(const value<C>& x) {
    const tensor_info t = first(x);
    const dims s = unpack(t.shape);
    if (s.rank != 4) return broken(x, mistake::wrong_rank, dims{0, 0, 0, 0}, s, line);
    value<C> v = x;
    const op_def& op = operator_for(quantized, plain, t);
    if (&op == &quantized && !need_quantized(v, t, line)) return v;
    pool2d_attrs a;
    a.window_h = o.kernel.h, a.window_w = o.kernel.w, a.stride_h = o.stride.h,
    a.stride_w = o.stride.w, a.ceil_mode = o.ceil_mode, a.count_include_pad = o.count_include_pad;
    set_padding(a, o.padding, s, o.kernel, o.stride, {1, 1});
    attribute_list list{};
    append_attributes(list, a);
    const tensor_info y = typed_as(t.type, q.scale != 0 ? q : affine{t.scale, t.zero_point});
    return then(v, head_of(op, o.round, line, o.activation), {x.out, 1}, list, y);
  }};
}
constexpr auto reduced(const op_def& quantized, const op_def& plain, dims axes, reduce_options o,
                       affine q, std::int32_t line) {
  return pending{[=, &quantized, &plain]<int C>(const value<C>& x) {
    const tensor_info t = first(x);
    value<C> v = x;
    const op_def& op = operator_for(quantized, plain, t);
    if (&op == &quantized && !need_quantized(v, t, line)) return v;
    attribute_list list{};
    append_attributes(list, reduce_attrs{axes, o.keep_dims});
    const tensor_info y = typed_as(t.type, q.scale != 0 ? q : affine{t.scale, t.zero_point});
    return then(v, head_of(op, o.round, line), {x.out, 1}, list, y);
  }};
}
}  // namespace detail
/// Mean of windows of x [N,H,W,C]; the result's quantization is the input's unless given.
constexpr auto avg_pool2d(pool2d_options o = {}, affine q = {},
                          std::int32_t line = __builtin_LINE()) {
  return detail::pool(ops::qnn_avg_pool2d, ops::avg_pool2d, o, q, line);
}
/// Largest of windows of x [N,H,W,C].
constexpr auto max_pool2d(pool2d_options o = {}, std::int32_t line = __builtin_LINE()) {
  return detail::pool(ops::qnn_max_pool2d, ops::max_pool2d, o, {}, line);
}
/// Mean over axes; the result's quantization is the input's unless given.
constexpr auto mean(dims axes, reduce_options o = {}, affine q = {},
                    std::int32_t line = __builtin_LINE()) {
  return detail::reduced(ops::qnn_mean, ops::mean, axes, o, q, line);
}
constexpr auto sum(dims axes, reduce_options o = {}, affine q = {},
                   std::int32_t line = __builtin_LINE()) {
  return detail::reduced(ops::qnn_sum, ops::sum, axes, o, q, line);
}
/// Mean of every channel: [N,H,W,C] to [N,C].
constexpr auto global_avg_pool2d(affine q = {}, std::int32_t line = __builtin_LINE()) {
  return mean(dims{1, 2}, {}, q, line);
}

// ---- shapes ----

namespace detail {
/// Operators that move elements: type and quantization stay.
template <class F> constexpr auto moved(const op_def& op, F&& set, std::int32_t line) {
  return pending{[&op, set, line]<int C>(const value<C>& x) {
    attribute_list list{};
    set(list, first(x));
    tensor_info y = first(x);
    y.name = nullptr;
    y.data = nullptr;
    y.bytes = 0;
    return then(x, head_of(op, rounding::none, line), {x.out, 1}, list, y);
  }};
}
}  // namespace detail
/// The same elements under another shape; one extent may be -1.
constexpr auto reshape(dims to, std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::reshape,
      [to](detail::attribute_list& a, const detail::tensor_info&) { a.integer_list("shape", to); },
      line);
}
/// [N, ...] to [N, everything].
constexpr auto flatten(std::int32_t line = __builtin_LINE()) {
  return detail::moved(
      ops::reshape,
      [](detail::attribute_list& a, const detail::tensor_info& x) {
        a.integer_list("shape", dims{x.shape.rank > 0 ? x.shape.extent[0] : 1, -1});
      },
      line);
}
/// Zero (quantized: zero point) elements around height and width of an image.
constexpr auto pad2d(padding p, std::int32_t line = __builtin_LINE()) {
  return detail::pending{[=]<int C>(const value<C>& x) {
    const detail::tensor_info t = detail::first(x);
    if (t.shape.rank != 4)
      return detail::broken(x, mistake::wrong_rank, dims{0, 0, 0, 0}, detail::unpack(t.shape),
                            line);
    return detail::moved(
        detail::operator_for(ops::qnn_pad, ops::pad, t),
        [p](detail::attribute_list& a, const detail::tensor_info&) {
          a.integer_list("paddings", dims{0, 0, p.top, p.bottom, p.left, p.right, 0, 0});
        },
        line)(x);
  }};
}

}  // namespace typed
OCTET_NAMESPACE_END

#endif  // OCTET_TYPED_OPERATORS_HPP_
