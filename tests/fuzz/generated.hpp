// Graphs made up from the operator list: valid and nearly valid nodes of every form, odd shapes,
// extents of 0, absent operands, extreme scales and zero points, states, constants. What the
// differential target plans and runs.
#ifndef OCTET_TESTS_FUZZ_GENERATED_HPP_
#define OCTET_TESTS_FUZZ_GENERATED_HPP_

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "octet/graph/cost.hpp"
#include "octet/octet.hpp"

namespace octet_fuzz {

/// Numbers from a seed, or from the bytes of a fuzzer followed by those of a seed.
class choices {
 public:
  explicit choices(std::uint64_t seed, std::span<const std::uint8_t> bytes = {})
      : state_(seed * 0x9E3779B97F4A7C15u + 1), bytes_(bytes) {}
  std::uint32_t word() {
    if (at_ + 2 <= bytes_.size()) {
      at_ += 2;
      return bytes_[at_ - 2] | static_cast<std::uint32_t>(bytes_[at_ - 1]) << 8;
    }
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::uint32_t>(state_ >> 24);
  }
  /// lo to hi, both included.
  std::int64_t between(std::int64_t lo, std::int64_t hi) {
    return lo + static_cast<std::int64_t>(word() % static_cast<std::uint64_t>(hi - lo + 1));
  }
  bool one_in(int n) { return between(1, n) == 1; }
  template <class L> const auto& of(const L& list) {
    return list[static_cast<std::size_t>(
        between(0, static_cast<std::int64_t>(std::size(list)) - 1))];
  }

 private:
  std::uint64_t state_;
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

/// The elements of a tensor, as bytes: any, small, or the extremes of the type with NaN and
/// infinities. Bools are 0 and 1.
inline std::vector<std::byte> elements(choices& c, octet::dtype type, std::size_t count) {
  const int kind = static_cast<int>(c.between(0, 3));
  std::vector<std::byte> to(count * octet::size_of(type));
  const auto put = [&](std::size_t i, auto v) { std::memcpy(&to[i * sizeof v], &v, sizeof v); };
  const auto real = [&]<class T>(std::size_t i, T) {
    constexpr T odd[] = {T(0),
                         T(-0.0),
                         std::numeric_limits<T>::max(),
                         std::numeric_limits<T>::lowest(),
                         std::numeric_limits<T>::denorm_min(),
                         std::numeric_limits<T>::infinity(),
                         -std::numeric_limits<T>::infinity(),
                         std::numeric_limits<T>::quiet_NaN(),
                         T(0.5),
                         T(-127.5)};
    if (kind == 0) return put(i, T(0));
    put(i,
        kind == 1 ? c.of(odd) : static_cast<T>(static_cast<std::int32_t>(c.word())) / T(1 << 20));
  };
  for (std::size_t i = 0; i < count; ++i) {
    if (type == octet::dtype::f32)
      real(i, 0.f);
    else if (type == octet::dtype::f64)
      real(i, 0.);
    else if (type == octet::dtype::boolean)
      to[i] = static_cast<std::byte>(c.between(0, 1));
    else
      for (std::size_t k = 0; k < octet::size_of(type); ++k)
        to[i * octet::size_of(type) + k] =
            kind == 0   ? std::byte{0}
            : kind == 1 ? (k + 1 == octet::size_of(type) ? std::byte{0x80} : std::byte{0})
            : kind == 2 ? (k + 1 == octet::size_of(type) ? std::byte{0x7F} : std::byte{0xFF})
                        : static_cast<std::byte>(c.word());
  }
  return to;
}

class graph_generator {
 public:
  explicit graph_generator(choices& c) : c_(c) {}

  /// One to four nodes in a row. Not every graph keeps the rules.
  octet::graph make() {
    g_.name = "generated";
    g_.arithmetic = c_.of(octet::enumerators<octet::law>);
    const auto nodes = c_.between(1, 4);
    for (std::int64_t i = 0; i < nodes; ++i) add_node();
    for (const octet::node& n : g_.nodes)
      for (octet::tensor_id t : n.out)
        if (c_.one_in(2) || &n == &g_.nodes.back()) g_.outputs.push_back(t);
    return std::move(g_);
  }

 private:
  using dims = octet::dims;
  using dtype = octet::dtype;
  using tensor_id = octet::tensor_id;

  std::int32_t extent() {
    constexpr std::int32_t common[] = {1, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33};
    return c_.one_in(60) ? 0 : c_.of(common);
  }
  dims shape(int rank) {
    dims d;
    for (int i = 0; i < rank; ++i) d.push_back(i == 0 && rank > 2 ? 1 + (extent() & 1) : extent());
    return d;
  }
  double scale() {
    constexpr double extreme[] = {1e-30, 1e30, 1e-9, 1e9, 0x1p-126, 1.0, 0x1p-31, 1.17e-38};
    if (c_.one_in(40)) return c_.of(extreme);
    return std::ldexp(static_cast<double>(c_.between(64, 127)) / 64,
                      -static_cast<int>(c_.between(2, 8)));
  }
  void quantize(octet::tensor& t, bool per_channel) {
    if (octet::is_float(t.type) || t.type == dtype::boolean || c_.one_in(25)) return;
    std::size_t count = 1;
    if (per_channel && t.shape.rank > 0 && c_.one_in(2)) {
      t.axis = c_.one_in(8) ? static_cast<std::int32_t>(c_.between(0, t.shape.rank - 1)) : 0;
      count = std::min<std::size_t>(static_cast<std::size_t>(t.shape[t.axis]), 1000);
    }
    for (std::size_t i = 0; i < count; ++i) t.scales.push_back(scale());
    const auto lo = std::max<std::int64_t>(octet::lowest_of(t.type), -200),
               hi = std::min<std::int64_t>(octet::highest_of(t.type), 300);
    const bool zero = c_.one_in(2) || octet::size_of(t.type) > 1 || count > 1;
    t.zero_points.push_back(static_cast<std::int32_t>(zero            ? 0
                                                      : c_.one_in(30) ? hi + 1
                                                      : c_.one_in(4)  ? c_.of(std::array{lo, hi})
                                                                      : c_.between(lo, hi)));
  }
  tensor_id add(dtype type, dims d, octet::tensor::kind role, bool per_channel = false) {
    octet::tensor t;
    t.name = "t" + std::to_string(g_.tensors.size());
    t.type = type;
    t.shape = d;
    t.role = role;
    quantize(t, per_channel);
    // Of a shape that an operator before gave with extents near 2^31, this program would need the
    // bytes itself: such a constant stays without, which verify() refuses.
    const bool has_bytes = d.elements().value <= std::size_t{1} << 20;
    if (has_bytes && role != octet::tensor::kind::value &&
        !(role == octet::tensor::kind::state && c_.one_in(3)))
      t.data = octet::constant_data::copy(elements(c_, type, d.elements().value));
    const tensor_id id = g_.add(std::move(t));
    if (role == octet::tensor::kind::value) g_.inputs.push_back(id);
    return id;
  }
  dtype type_of(const octet::operand_types& o, const std::vector<tensor_id>& in) {
    if (o.is_like() && o.like_input() < in.size() && in[o.like_input()] >= 0)
      return g_[in[o.like_input()]].type;
    std::vector<dtype> list;
    for (const dtype t : octet::enumerators<dtype>)
      if (o.set().contains(t)) list.push_back(t);
    return list.empty() || c_.one_in(200) ? c_.of(octet::enumerators<dtype>) : c_.of(list);
  }

  /// Shapes that go together, as far as names of operators tell.
  dims input_shape(std::string_view op, std::size_t i, const std::vector<tensor_id>& in) {
    const bool first = i == 0 || in[0] < 0;
    const dims x = first ? dims{} : g_[in[0]].shape;
    const auto has = [&](const char* s) { return op.find(s) != std::string_view::npos; };
    const std::int32_t taps = static_cast<std::int32_t>(c_.between(1, 3));
    if (has("conv2d") || has("pool2d") || has("resize") || has("space") || has("batch_to")) {
      if (i == 0) return shape(4);
      if (i == 1 && x.rank == 4)
        return has("depthwise")
                   ? dims{1, taps, extent(), x[3] * static_cast<std::int32_t>(c_.between(1, 2))}
                   : dims{extent(), taps, extent(), x[3]};
      return dims{outputs_of(in)};
    }
    if (has("fully_connected")) {
      if (i == 0) return shape(static_cast<int>(c_.between(1, 3)));
      return i == 1 ? dims{extent(), x.back(0)} : dims{outputs_of(in)};
    }
    if (has("batch_matmul")) {
      if (i == 0) return shape(static_cast<int>(c_.between(2, 4)));
      dims d = x;
      if (d.rank >= 2) d[d.rank - 2] = x.back(0), d[d.rank - 1] = extent();
      return d;
    }
    if (i == 0) return shape(static_cast<int>(c_.between(0, 5)));
    dims d = x;
    if (c_.one_in(2)) return d;
    if (c_.one_in(3)) return dims{x.back(0)};  // one per channel
    if (c_.one_in(2)) return dims{};
    for (int k = 0; k < d.rank; ++k)
      if (c_.one_in(2)) d[k] = 1;  // broadcasts
    return d;
  }
  std::int32_t outputs_of(const std::vector<tensor_id>& in) const {
    if (in.size() < 2 || in[1] < 0 || g_[in[1]].shape.rank == 0) return 1;
    const dims& w = g_[in[1]].shape;
    return w.rank == 4 && w[0] == 1 ? w[3] : w[0];
  }
  void set_attributes(octet::node& n) {
    static constexpr const char* integers[] = {"stride_h",      "stride_w",
                                               "dilation_h",    "dilation_w",
                                               "pad_top",       "pad_left",
                                               "pad_bottom",    "pad_right",
                                               "groups",        "window_h",
                                               "window_w",      "axis",
                                               "keep_dims",     "adj_x",
                                               "adj_y",         "clamp_lo",
                                               "clamp_hi",      "f32_product",
                                               "ceil_mode",     "count_include_pad",
                                               "divisor",       "depth",
                                               "batch_dims",    "exclusive",
                                               "reverse",       "k",
                                               "block_size",    "crd",
                                               "mode",          "value",
                                               "rows",          "asymmetric",
                                               "align_corners", "half_pixel_centers",
                                               "out_h",         "out_w",
                                               "adaptive_h",    "adaptive_w",
                                               "rank",          "channels_last",
                                               "approximate",   "output_padding_h",
                                               "offset"};
    static constexpr const char* lists[] = {"perm",     "begin", "size",       "end",
                                            "strides",  "axes",  "shape",      "multiples",
                                            "paddings", "sizes", "block_shape"};
    static constexpr const char* reals[] = {"alpha",    "beta",     "epsilon",
                                            "float_lo", "float_hi", "multiplier",
                                            "value",    "scale_h",  "a_ratio"};
    static constexpr std::int64_t odd[] = {0,         -1,        2,          3,           1 << 20,
                                           77,        -7,        0x7fffffff, 0x100000001, INT64_MAX,
                                           INT64_MIN, INT32_MIN, 1 << 29};
    const dims x = n.in.empty() || n.in[0] < 0 ? dims{} : g_[n.in[0]].shape;
    const auto small = [&] { return c_.one_in(30) ? c_.of(odd) : c_.between(0, 4); };
    const bool window = n.op->name.find("2d") != std::string_view::npos;
    for (std::int64_t k = c_.between(0, window ? 6 : 3); k > 0; --k)
      n.attrs.set(c_.of(integers), std::int64_t{small()});
    if (c_.one_in(3))
      n.attrs.set(c_.of(reals), c_.one_in(20) ? std::numeric_limits<double>::quiet_NaN()
                                              : static_cast<double>(c_.between(-16, 64)) / 16);
    const bool moves = n.op->forms.data() == octet::movement_forms;
    if (!moves && !c_.one_in(6)) return;
    for (const char* key : lists) {
      if (!moves && !c_.one_in(4)) continue;
      std::vector<std::int64_t> v;
      const bool two = std::string_view(key) == "paddings", perm = std::string_view(key) == "perm";
      for (int i = 0; i < (two ? 2 * x.rank : x.rank); ++i)
        v.push_back(c_.one_in(60)                     ? c_.of(odd)
                    : perm                            ? x.rank - 1 - i
                    : std::string_view(key) == "size" ? x[i] - c_.between(0, 1)
                    : std::string_view(key) == "end"  ? x[i]
                    : std::string_view(key) == "strides" || std::string_view(key) == "multiples" ||
                            std::string_view(key) == "block_shape"
                        ? c_.between(1, 2)
                    : std::string_view(key) == "shape" ? x[x.rank - 1 - i]
                                                       : c_.between(0, 1));
      n.attrs.set(key, std::move(v));
    }
  }

  void add_node() {
    const octet::op_def& op = *c_.of(octet::builtin_operators());
    octet::node n;
    n.op = &op;
    n.name = "n" + std::to_string(g_.nodes.size());
    const octet::form form = op.forms.empty() ? octet::form{} : c_.of(op.forms);
    std::vector<octet::rounding> roundings;
    for (const octet::rounding r : octet::enumerators<octet::rounding>)
      if (form.roundings.contains(r)) roundings.push_back(r);
    n.round = roundings.empty() || c_.one_in(100) ? c_.of(octet::enumerators<octet::rounding>)
                                                  : c_.of(roundings);
    const std::int32_t most = op.max_inputs < 0 ? op.min_inputs + 2 : op.max_inputs;
    const auto inputs = c_.between(op.min_inputs, std::max(op.min_inputs, most));
    for (std::int64_t i = 0; i < inputs; ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (op.optional.contains(at) && c_.one_in(3)) {
        n.in.push_back(octet::no_tensor);
        continue;
      }
      const dtype type = type_of(octet::detail::operand_of(form.in, op.max_inputs < 0, at), n.in);
      tensor_id reused = octet::no_tensor;  // what a node before gives, where the type fits
      if (i == 0 && !g_.nodes.empty() && !c_.one_in(4))
        for (tensor_id t : g_.nodes.back().out)
          if (g_[t].type == type) reused = t;
      if (reused != octet::no_tensor) {
        n.in.push_back(reused);
        continue;
      }
      const bool known = i > 0 && !c_.one_in(5);
      const auto role = known           ? octet::tensor::kind::constant
                        : c_.one_in(25) ? octet::tensor::kind::state
                                        : octet::tensor::kind::value;
      n.in.push_back(add(type, input_shape(op.name, at, n.in), role, i == 1));
    }
    set_attributes(n);
    const std::int32_t outs =
        op.outputs < 0 ? static_cast<std::int32_t>(c_.between(1, 3)) : op.outputs;
    for (std::int32_t i = 0; i < outs; ++i) {
      const dtype type = type_of(
          octet::detail::operand_of(form.out, op.outputs < 0, static_cast<std::size_t>(i)), n.in);
      octet::tensor t;
      t.name = "t" + std::to_string(g_.tensors.size());
      t.type = type;
      quantize(t, false);
      // What only copies keeps the quantization.
      if (!n.in.empty() && n.in[0] >= 0 && g_[n.in[0]].type == type &&
          n.round == octet::rounding::none) {
        t.scales = g_[n.in[0]].scales;
        t.zero_points = g_[n.in[0]].zero_points;
        t.axis = g_[n.in[0]].axis;
      }
      n.out.push_back(g_.add(std::move(t)));
    }
    (void)octet::infer_shapes(g_, n);  // verify() tells what is wrong
    if (c_.one_in(80) && !n.out.empty()) g_[n.out[0]].shape = shape(3);
    g_.nodes.push_back(std::move(n));
  }

  choices& c_;
  octet::graph g_;
};

}  // namespace octet_fuzz

#endif  // OCTET_TESTS_FUZZ_GENERATED_HPP_
