// MXNet files made up node by node: valid and nearly valid symbols of every operator that octet has
// a row for, fused and plain, with parameters of every kind of record and shapes of the inputs.
#ifndef OCTET_TESTS_FUZZ_GENERATED_MXNET_HPP_
#define OCTET_TESTS_FUZZ_GENERATED_MXNET_HPP_

#include "../mxnet_file.hpp"
#include "generated.hpp"

namespace octet_fuzz {

class mxnet_generator {
 public:
  struct files {
    std::string symbol, params;
    std::vector<std::pair<std::string, octet::dims>> shapes;
  };
  explicit mxnet_generator(choices& c) : c_(c) {}

  files make() {
    for (std::int64_t i = c_.between(1, 4); i > 0; --i) node();
    std::vector<std::pair<int, int>> heads;
    for (const value& v : values_)
      if (c_.one_in(2) || &v == &values_.back()) heads.emplace_back(v.node, v.output);
    static constexpr int versions[] = {10901, 10901, 10700, 10501, 20000, 0};
    files made{symbol_.text(heads, c_.of(versions)), params_.bytes(!c_.one_in(100)), shapes_};
    std::string& damaged = c_.one_in(2) ? made.symbol : made.params;
    if (c_.one_in(30) && !damaged.empty())
      damaged[static_cast<std::size_t>(c_.between(
          0, static_cast<std::int64_t>(damaged.size()) - 1))] = static_cast<char>(c_.word());
    return made;
  }

 private:
  using extents = std::vector<std::int64_t>;
  using dtype = octet::dtype;
  using attributes = octet_test::symbol_writer::attributes;
  using operand = std::pair<int, int>;
  /// How the operands of an operator go together.
  enum class kind : std::uint8_t {
    quantize,
    quantize_by_inputs,
    dequantize,
    requantize,
    fused_convolution,
    fused_matrix,
    quantized_convolution,
    quantized_matrix,
    quantized_pair,
    quantized_embedding,
    quantized_concat,
    quantized_one,
    quantized_norm,
    convolution,
    matrix,
    norm,
    leaky,
    embedding,
    many,
    pair,
    scalar,
    one
  };
  struct row {
    const char* name;
    kind operands;
  };
  static std::span<const row> rows() {
    static constexpr row list[] = {
        {"_contrib_quantize_v2", kind::quantize},
        {"_contrib_quantize", kind::quantize_by_inputs},
        {"_contrib_dequantize", kind::dequantize},
        {"_contrib_requantize", kind::requantize},
        {"_sg_mkldnn_conv", kind::fused_convolution},
        {"_sg_onednn_conv", kind::fused_convolution},
        {"_sg_mkldnn_fully_connected", kind::fused_matrix},
        {"_sg_onednn_fully_connected", kind::fused_matrix},
        {"_contrib_quantized_conv", kind::quantized_convolution},
        {"_contrib_quantized_fully_connected", kind::quantized_matrix},
        {"_contrib_quantized_elemwise_add", kind::quantized_pair},
        {"_contrib_quantized_npi_add", kind::quantized_pair},
        {"_contrib_quantized_elemwise_mul", kind::quantized_pair},
        {"_contrib_quantized_embedding", kind::quantized_embedding},
        {"_contrib_quantized_concat", kind::quantized_concat},
        {"_contrib_quantized_pooling", kind::quantized_one},
        {"_contrib_quantized_act", kind::quantized_one},
        {"_contrib_quantized_flatten", kind::quantized_one},
        {"_contrib_quantized_batch_norm", kind::quantized_norm},
        {"Convolution", kind::convolution},
        {"FullyConnected", kind::matrix},
        {"Pooling", kind::one},
        {"BatchNorm", kind::norm},
        {"Activation", kind::one},
        {"LeakyReLU", kind::leaky},
        {"clip", kind::one},
        {"relu", kind::one},
        {"sigmoid", kind::one},
        {"tanh", kind::one},
        {"softmax", kind::one},
        {"SoftmaxOutput", kind::one},
        {"L2Normalization", kind::one},
        {"Embedding", kind::embedding},
        {"Concat", kind::many},
        {"elemwise_add", kind::pair},
        {"broadcast_add", kind::pair},
        {"elemwise_sub", kind::pair},
        {"broadcast_sub", kind::pair},
        {"elemwise_mul", kind::pair},
        {"broadcast_mul", kind::pair},
        {"elemwise_div", kind::pair},
        {"broadcast_div", kind::pair},
        {"_maximum", kind::pair},
        {"broadcast_minimum", kind::pair},
        {"_plus_scalar", kind::scalar},
        {"_rminus_scalar", kind::scalar},
        {"_mul_scalar", kind::scalar},
        {"_div_scalar", kind::scalar},
        {"_rdiv_scalar", kind::scalar},
        {"_maximum_scalar", kind::scalar},
        {"_minimum_scalar", kind::scalar},
        {"_power_scalar", kind::scalar},
        {"mean", kind::one},
        {"sum", kind::one},
        {"max", kind::one},
        {"min_axis", kind::one},
        {"Flatten", kind::one},
        {"Reshape", kind::one},
        {"expand_dims", kind::one},
        {"squeeze", kind::one},
        {"transpose", kind::one},
        {"SwapAxis", kind::one},
        {"slice", kind::one},
        {"slice_axis", kind::one},
        {"Pad", kind::one},
        {"Dropout", kind::one},
        {"_copy", kind::one},
    };
    return list;
  }
  /// One output of a node; of a quantized one the outputs after it are its range.
  struct value {
    int node = 0, output = 0;
    dtype type = dtype::f32;
    extents shape{};
    operand at(int more = 0) const { return {node, output + more}; }
  };

  // ---- numbers and texts ----

  std::int64_t extent() {
    static constexpr std::int64_t common[] = {1, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17},
                                  odd[] = {0, 0, 33};
    return c_.one_in(80) ? c_.of(odd) : c_.of(common);
  }
  extents shape(std::int64_t rank) {
    extents d;
    for (std::int64_t i = 0; i < rank; ++i) d.push_back(i == 0 && rank > 2 ? 1 : extent());
    return d;
  }
  static octet::dims dims_of(const extents& d) {
    octet::dims to;
    for (std::int64_t e : d) to.push_back(static_cast<std::int32_t>(e));
    return to;
  }
  static std::int64_t product(const extents& d, std::size_t from = 0) {
    std::int64_t n = 1;
    for (std::size_t i = from; i < d.size(); ++i) n *= d[i];
    return n;
  }
  std::int64_t small() {
    static constexpr std::int64_t odd[] = {-1, -2, -3, -4, 7, INT32_MAX, INT64_MIN, 1LL << 32};
    return c_.one_in(25) ? c_.of(odd) : c_.between(0, 3);
  }
  std::string text_of(std::int64_t v) {
    static const std::string odd[] = {"", "None", "nan", "1e999", "0x10", "()", "True", "9e30"};
    return c_.one_in(150) ? c_.of(odd) : std::to_string(v);
  }
  std::string tuple(const extents& l) {
    std::string s = "(";
    for (std::size_t i = 0; i < l.size(); ++i) s += (i ? ", " : "") + text_of(l[i]);
    return s + (c_.one_in(100) ? "" : ")");
  }
  std::string real() {
    static const std::string list[] = {"1", "0.5", "1e-5", "-1", "0", "2.75", "3e38", "1e-40", "6"};
    return c_.one_in(80) ? std::string("nan") : c_.of(list);
  }
  std::string truth(int one_in) { return c_.one_in(one_in) ? "True" : "False"; }
  void attribute(const char* name, const std::string& v) {
    if (!c_.one_in(60)) attributes_.emplace_back(name, v);
  }
  /// Half of a range, which the calibrated range of a node and the range of its input are.
  float reach() {
    static constexpr float extreme[] = {1e-30f, 1e30f, 0.f, -1.f, 3e38f};
    if (c_.one_in(60)) return c_.of(extreme);
    return static_cast<float>(c_.between(1, 64)) / 8;
  }
  void calibrated() {
    if (c_.one_in(12)) return;
    const float hi = reach(), lo = c_.one_in(3) ? 0.f : -hi;
    attribute("min_calib_range", std::to_string(lo));
    attribute("max_calib_range", std::to_string(hi));
  }

  // ---- values ----

  std::string fresh() { return "v" + std::to_string(count_++); }
  value input(const extents& d) {
    const std::string name = fresh();
    shapes_.emplace_back(c_.one_in(4) ? std::string() : name, dims_of(d));
    return {symbol_.variable(name), 0, dtype::f32, d};
  }
  value constant(dtype t, const extents& d) {
    const std::string name = fresh();
    const auto e = elements(c_, t, static_cast<std::size_t>(product(d)));
    std::string data(reinterpret_cast<const char*>(e.data()), e.size());
    if (t == dtype::f32 && !c_.one_in(5))  // weights whose ranges are of use
      for (std::size_t i = 0; i + 4 <= data.size(); i += 4) {
        const float v = static_cast<float>(c_.between(-40, 40)) / 32;
        std::memcpy(&data[i], &v, 4);
      }
    const int version = c_.one_in(6) ? static_cast<int>(c_.between(0, 3)) : 2;
    params_.add((c_.one_in(3) ? "aux:" : "arg:") + name, version,
                octet_test::params_writer::code_of(t), d, data, c_.one_in(150) ? 1 : 0);
    return {symbol_.variable(name), 0, t, d};
  }
  value number(float v) {
    const std::string name = fresh();
    params_.add<float>("arg:" + name, {1}, {v});
    return {symbol_.variable(name), 0, dtype::f32, {1}};
  }
  value before(std::int64_t rank) {
    if (!values_.empty() && !c_.one_in(3)) {
      const value& v = values_.back();
      if (v.type == dtype::f32 && (rank < 0 || static_cast<std::int64_t>(v.shape.size()) == rank))
        return v;
    }
    const extents d = shape(rank < 0 ? c_.between(1, 4) : rank);
    return c_.one_in(8) ? constant(dtype::f32, d) : input(d);
  }
  /// An int8 or uint8 value with its range: of the node before, or of a node that quantizes.
  value quantized(std::int64_t rank, dtype wanted = dtype::u8) {
    if (!values_.empty() && !c_.one_in(4)) {
      const value& v = values_.back();
      const bool fits = rank < 0 || static_cast<std::int64_t>(v.shape.size()) == rank;
      if ((v.type == dtype::u8 || v.type == dtype::s8) && fits) return v;
    }
    attributes_.clear();
    const bool bytes = wanted == dtype::u8 && c_.one_in(2);
    attribute("out_type", bytes ? "uint8" : c_.one_in(3) ? "auto" : "int8");
    calibrated();
    const value x = before(rank);
    return give("_contrib_quantize_v2", {x.at()}, bytes ? dtype::u8 : dtype::s8, x.shape);
  }

  // ---- nodes ----

  value give(const char* name, std::vector<operand> in, dtype t, const extents& d,
             const std::string& subgraph = {}) {
    if (c_.one_in(200) && !in.empty()) in.pop_back();
    if (c_.one_in(200) && !in.empty()) in[0].second = static_cast<int>(small() % 4);
    if (c_.one_in(300) && !in.empty()) in[0].first = static_cast<int>(c_.between(-1, 40));
    const int n = symbol_.node(name, fresh(), in, attributes_, subgraph);
    attributes_.clear();
    values_.push_back({n, 0, t, d});
    return values_.back();
  }
  bool is(std::string_view name) const { return name == row_->name; }
  void finish(std::vector<operand> in, dtype t, const extents& d, const std::string& inner = {}) {
    give(row_->name, std::move(in), t, d, inner);
  }
  /// The attributes of a convolution, and the shape of its weights.
  extents window(const extents& x, std::int64_t filters) {
    const std::int64_t taps = c_.between(1, 3), channels = x.size() > 1 ? x[1] : 1;
    const bool depthwise = c_.one_in(4);
    const std::int64_t groups = depthwise ? channels : c_.one_in(6) ? 2 : 1;
    attribute("kernel", tuple({taps, taps}));
    attribute("num_filter", text_of(depthwise ? channels : filters));
    if (c_.one_in(2)) attribute("stride", tuple({c_.between(1, 2), c_.between(1, 2)}));
    if (c_.one_in(2)) attribute("pad", tuple({c_.between(0, 1), c_.between(0, 1)}));
    if (c_.one_in(4)) attribute("dilate", tuple({c_.between(1, 2), c_.between(1, 2)}));
    if (groups != 1) attribute("num_group", text_of(groups));
    if (c_.one_in(10)) attribute("layout", "NCHW");
    return {depthwise ? channels : filters, groups > 0 ? channels / groups : 1, taps, taps};
  }
  void convolution_node() {
    const value x = before(4);
    const extents w = window(x.shape, extent());
    std::vector<operand> in{x.at(), constant(dtype::f32, w).at()};
    const std::string no_bias = truth(3);
    attribute("no_bias", no_bias);
    if (no_bias == "False") in.push_back(constant(dtype::f32, {w[0]}).at());
    finish(in, dtype::f32, {1, w[0], x.shape[2], x.shape[3]});
  }
  void matrix_node() {
    const value x = before(-1);
    const bool flat = !c_.one_in(3);
    const std::int64_t n = extent(), k = flat ? product(x.shape, 1) : x.shape.back();
    attribute("num_hidden", text_of(n));
    if (!flat) attribute("flatten", "False");
    std::vector<operand> in{x.at(), constant(dtype::f32, {n, k}).at()};
    const std::string no_bias = truth(3);
    attribute("no_bias", no_bias);
    if (no_bias == "False") in.push_back(constant(dtype::f32, {n}).at());
    finish(in, dtype::f32, {x.shape[0], n});
  }
  void range_of_constant(std::vector<operand>& in) {
    const float r = reach();
    in.push_back(number(-r).at());
    in.push_back(number(r).at());
  }
  void quantized_layer_node() {
    const bool matrix = row_->operands == kind::quantized_matrix;
    const value x = quantized(matrix ? 2 : 4);
    const std::int64_t n = extent();
    extents w;
    if (matrix) {
      w = {n, product(x.shape, 1)};
      attribute("num_hidden", text_of(n));
    } else {
      w = window(x.shape, n);
    }
    const std::string no_bias = truth(2);
    attribute("no_bias", no_bias);
    std::vector<operand> in{x.at(), constant(dtype::s8, w).at()};
    if (no_bias == "False") in.push_back(constant(dtype::s8, {w[0]}).at());
    in.push_back(x.at(1)), in.push_back(x.at(2));
    range_of_constant(in);
    if (no_bias == "False") range_of_constant(in);
    extents y = x.shape;
    if (y.size() > 1) y[1] = w[0];
    finish(in, dtype::s32, y);
  }
  void norm_inputs(std::vector<operand>& in, std::int64_t channels) {
    for (int i = 0; i < 4; ++i) in.push_back(constant(dtype::f32, {channels}).at());
  }
  /// The subgraph of a fused node, whose own inputs nobody reads.
  void fused_convolution_node() {
    const bool whole = !c_.one_in(3);
    const value x = whole ? quantized(4) : before(4);
    octet_test::symbol_writer inner;
    const extents w = window(x.shape, extent());
    const std::string no_bias = truth(3);
    attribute("no_bias", no_bias);
    int last = inner.node("Convolution", "c", {{inner.variable("x"), 0}}, attributes_);
    attributes_.clear();
    std::vector<operand> in{x.at(), constant(dtype::f32, w).at()};
    if (no_bias == "False") in.push_back(constant(dtype::f32, {w[0]}).at());
    if (c_.one_in(3)) {
      attribute("with_bn", "true");
      last = inner.node("BatchNorm", "b", {{last, 0}}, {{"eps", real()}, {"fix_gamma", truth(2)}});
      norm_inputs(in, w[0]);
    }
    const bool sum = c_.one_in(4);
    const value addend = sum ? whole ? quantized(4) : before(4) : value{};
    if (sum) {
      attribute("with_sum", "true");
      last = inner.node("elemwise_add", "s", {{last, 0}});
      in.push_back(addend.at());
    }
    if (whole) attribute("quantized", "true"), in.push_back(x.at(1)), in.push_back(x.at(2));
    if (whole && sum) in.push_back(addend.at(1)), in.push_back(addend.at(2));
    const bool act = c_.one_in(2);
    if (act) attribute(sum ? "with_postsum_act" : "with_act", "true"), activation(inner, last);
    if (whole) calibrated();
    extents y = x.shape;
    y[1] = w[0];
    finish(in, !whole ? dtype::f32 : act ? dtype::u8 : dtype::s8, y, inner.text({{last, 0}}));
  }
  void activation(octet_test::symbol_writer& inner, int& last) {
    if (c_.one_in(3))
      last = inner.node("clip", "a", {{last, 0}}, {{"a_min", "0"}, {"a_max", real()}});
    else
      last = inner.node("Activation", "a", {{last, 0}}, {{"act_type", "relu"}});
  }
  void fused_matrix_node() {
    const bool whole = !c_.one_in(3), by_channel = c_.one_in(2);
    const value x = whole ? quantized(2) : before(2);
    octet_test::symbol_writer inner;
    const std::int64_t n = extent();
    const std::string no_bias = truth(3);
    int last = inner.node("FullyConnected", "c", {{inner.variable("x"), 0}},
                          {{"num_hidden", text_of(n)}, {"no_bias", no_bias}});
    attributes_.clear();
    const dtype t = whole && !by_channel ? dtype::s8 : dtype::f32;
    std::vector<operand> in{x.at(), constant(t, {n, product(x.shape, 1)}).at()};
    if (no_bias == "False") in.push_back(constant(t, {n}).at());
    if (whole) in.push_back(x.at(1)), in.push_back(x.at(2));
    if (whole && !by_channel) {
      range_of_constant(in);
      if (no_bias == "False") range_of_constant(in);
    }
    if (by_channel) attribute("channel_wise_quantize", "true");
    if (whole) attribute("quantized", "true");
    const bool act = c_.one_in(2), floats = c_.one_in(3);
    if (act) attribute("with_eltwise", "true"), activation(inner, last);
    if (floats) attribute("enable_float_output", "true");
    if (whole) calibrated();
    finish(in,
           !whole || floats ? dtype::f32
           : act            ? dtype::u8
                            : dtype::s8,
           {x.shape[0], n}, inner.text({{last, 0}}));
  }
  void quantized_pair_node() {
    const value a = quantized(-1, is("_contrib_quantized_elemwise_mul") ? dtype::s8 : dtype::u8);
    const value b = c_.one_in(3) ? a : quantized(static_cast<std::int64_t>(a.shape.size()));
    attributes_.clear();
    calibrated();
    if (c_.one_in(4)) attribute("enable_float_output", "true");
    finish({a.at(), b.at(), a.at(1), a.at(2), b.at(1), b.at(2)}, dtype::s8, a.shape);
  }
  void quantized_concat_node() {
    std::vector<value> parts{quantized(-1)};
    for (std::int64_t i = c_.between(0, 2); i > 0; --i)
      parts.push_back(c_.one_in(2) ? parts[0] : quantized(-1));
    attributes_.clear();
    std::vector<operand> in;
    for (const value& v : parts) in.push_back(v.at());
    for (const value& v : parts) in.push_back(v.at(1)), in.push_back(v.at(2));
    attribute("num_args", text_of(static_cast<std::int64_t>(parts.size())));
    attribute("dim", text_of(c_.between(-1, 3)));
    finish(in, parts[0].type, parts[0].shape);
  }
  void pooling() {
    attribute("kernel", tuple({c_.between(1, 3), c_.between(1, 3)}));
    if (c_.one_in(2)) attribute("stride", tuple({c_.between(1, 2), c_.between(1, 2)}));
    if (c_.one_in(2)) attribute("pad", tuple({c_.between(0, 1), c_.between(0, 1)}));
    attribute("pool_type", c_.one_in(2) ? "avg" : "max");
    if (c_.one_in(4)) attribute("pooling_convention", "full");
    if (c_.one_in(4)) attribute("global_pool", "True");
    if (c_.one_in(4)) attribute("count_include_pad", truth(2));
  }
  void quantized_one_node() {
    const value x = quantized(is("_contrib_quantized_pooling") ? 4 : -1);
    attributes_.clear();
    if (is("_contrib_quantized_pooling")) pooling();
    if (is("_contrib_quantized_act")) attribute("act_type", "relu");
    finish({x.at(), x.at(1), x.at(2)}, x.type, x.shape);
  }
  void quantized_norm_node() {
    const value x = quantized(c_.between(2, 4));
    attributes_.clear();
    calibrated();
    if (c_.one_in(2)) attribute("eps", real());
    std::vector<operand> in{x.at()};
    norm_inputs(in, x.shape[1]);
    in.push_back(x.at(1)), in.push_back(x.at(2));
    finish(in, dtype::s8, x.shape);
  }
  void norm_node() {
    const value x = before(c_.between(2, 4));
    if (c_.one_in(2)) attribute("eps", real());
    attribute("fix_gamma", truth(2));
    std::vector<operand> in{x.at()};
    norm_inputs(in, x.shape[1]);
    finish(in, dtype::f32, x.shape);
  }
  void embedding_node() {
    const bool whole = row_->operands == kind::quantized_embedding;
    const value x = before(c_.between(1, 2));
    const std::int64_t n = extent(), d = extent();
    attribute("input_dim", text_of(n));
    attribute("output_dim", text_of(d));
    std::vector<operand> in{x.at(), constant(whole ? dtype::s8 : dtype::f32, {n, d}).at()};
    if (whole) range_of_constant(in);
    extents y = x.shape;
    y.push_back(d);
    finish(in, whole ? dtype::s8 : dtype::f32, y);
  }
  void leaky_node() {
    static const std::string types[] = {"leaky", "prelu", "elu", "gelu", "selu"};
    const std::string& type = c_.of(types);
    const value x = before(type == "prelu" ? c_.between(2, 4) : -1);
    attribute("act_type", type);
    if (c_.one_in(2)) attribute("slope", real());
    std::vector<operand> in{x.at()};
    if (type == "prelu") in.push_back(constant(dtype::f32, {c_.one_in(3) ? 1 : x.shape[1]}).at());
    finish(in, dtype::f32, x.shape);
  }
  void pair_node() {
    const value x = before(-1);
    extents d = x.shape;
    if (std::string_view(row_->name).starts_with("broadcast") || c_.one_in(30))
      for (std::int64_t& v : d)
        if (c_.one_in(3)) v = 1;
    finish({x.at(), (c_.one_in(2) ? constant(dtype::f32, d) : input(d)).at()}, dtype::f32, x.shape);
  }
  void many_node() {
    const value x = before(-1);
    std::vector<operand> in{x.at()};
    for (std::int64_t i = c_.between(0, 3); i > 0; --i)
      in.push_back((c_.one_in(2) ? constant(dtype::f32, x.shape) : input(x.shape)).at());
    attribute("num_args", text_of(static_cast<std::int64_t>(in.size())));
    attribute("dim", text_of(c_.between(-1, 3)));
    finish(in, dtype::f32, x.shape);
  }
  /// Attributes of the operators of one float operand; what one does not know, it passes over.
  void one_node() {
    const value x = before(is("Pooling") || is("Pad") ? 4 : -1);
    const auto rank = static_cast<std::int64_t>(x.shape.size());
    if (is("Pooling")) pooling();
    static const std::string acts[] = {"relu", "sigmoid", "tanh", "softsign"};
    if (is("Activation")) attribute("act_type", c_.of(acts));
    if (is("clip")) attribute("a_min", real()), attribute("a_max", real());
    static const std::string modes[] = {"instance", "channel", "spatial"};
    if (is("L2Normalization")) attribute("mode", c_.of(modes)), attribute("eps", real());
    if (is("Pad")) pad(rank);
    if (is("Reshape")) {
      extents to(x.shape.rbegin(), x.shape.rend());
      for (std::int64_t& v : to)
        if (c_.one_in(6)) v = small();
      attribute("shape", tuple(to));
      if (c_.one_in(10)) attribute("reverse", "True");
    }
    if (is("transpose") && c_.one_in(2)) attribute("axes", tuple(order(rank)));
    if (is("SwapAxis")) attribute("dim1", text_of(small())), attribute("dim2", text_of(small()));
    if (is("slice")) slice(x.shape);
    if (is("slice_axis")) {
      attribute("begin", text_of(c_.between(0, 1)));
      attribute("end", c_.one_in(3) ? "None" : text_of(c_.between(1, 3)));
    }
    static const std::string_view along[] = {"mean",        "sum",     "max",     "min_axis",
                                             "expand_dims", "squeeze", "softmax", "slice_axis"};
    for (const std::string_view name : along)
      if (is(name) && !c_.one_in(4)) attribute("axis", text_of(c_.between(-1, rank)));
    if (c_.one_in(4)) attribute("keepdims", "True");
    if (c_.one_in(10)) attribute("exclude", "True");
    std::vector<operand> in{x.at()};
    if (is("SoftmaxOutput")) in.push_back(input({x.shape[0]}).at());
    finish(in, dtype::f32, x.shape);
  }
  void pad(std::int64_t rank) {
    extents widths;
    for (std::int64_t i = 0; i < 2 * rank; ++i)
      widths.push_back(c_.one_in(30) ? small() : i < 4 ? 0 : c_.between(0, 1));
    attribute("pad_width", tuple(widths));
    attribute("mode", c_.one_in(3) ? "reflect" : "constant");
    if (c_.one_in(3)) attribute("constant_value", real());
  }
  extents order(std::int64_t rank) {
    extents to;
    for (std::int64_t i = 0; i < rank; ++i) to.push_back(c_.one_in(30) ? small() : (i + 1) % rank);
    return to;
  }
  void slice(const extents& x) {
    extents from, to, steps;
    for (std::int64_t e : x) {
      from.push_back(c_.one_in(20) ? small() : c_.between(0, 1));
      to.push_back(c_.one_in(20) ? small() : e);
      steps.push_back(c_.one_in(20) ? small() : c_.between(1, 2));
    }
    attribute("begin", tuple(from));
    attribute("end", tuple(to));
    if (c_.one_in(2)) attribute("step", tuple(steps));
  }
  void dequantize_node() {
    const value x = !values_.empty() && values_.back().type == dtype::s32 && c_.one_in(2)
                        ? values_.back()
                        : quantized(-1);
    attributes_.clear();
    finish({x.at(), x.at(1), x.at(2)}, dtype::f32, x.shape);
  }
  void requantize_node() {
    if (values_.empty() || values_.back().type != dtype::s32) {
      const row* own = row_;
      static constexpr row layers[] = {
          {"_contrib_quantized_conv", kind::quantized_convolution},
          {"_contrib_quantized_fully_connected", kind::quantized_matrix}};
      row_ = &c_.of(layers);
      quantized_layer_node();
      row_ = own;
    }
    const value x = values_.back();
    calibrated();
    attribute("out_type", c_.one_in(3) ? "uint8" : "int8");
    finish({x.at(), x.at(1), x.at(2)}, dtype::s8, x.shape);
  }
  void quantize_by_inputs_node() {
    const value x = before(-1);
    attribute("out_type", c_.one_in(2) ? "uint8" : "int8");
    std::vector<operand> in{x.at()};
    range_of_constant(in);
    finish(in, dtype::u8, x.shape);
  }
  void scalar_node() {
    const value x = before(-1);
    attribute("scalar", real());
    finish({x.at()}, dtype::f32, x.shape);
  }
  void node() {
    row_ = &c_.of(rows());
    attributes_.clear();
    switch (row_->operands) {
      case kind::quantize: return void(quantized(-1));
      case kind::quantize_by_inputs: return quantize_by_inputs_node();
      case kind::dequantize: return dequantize_node();
      case kind::requantize: return requantize_node();
      case kind::fused_convolution: return fused_convolution_node();
      case kind::fused_matrix: return fused_matrix_node();
      case kind::quantized_convolution:
      case kind::quantized_matrix: return quantized_layer_node();
      case kind::quantized_pair: return quantized_pair_node();
      case kind::quantized_concat: return quantized_concat_node();
      case kind::quantized_one: return quantized_one_node();
      case kind::quantized_norm: return quantized_norm_node();
      case kind::convolution: return convolution_node();
      case kind::matrix: return matrix_node();
      case kind::norm: return norm_node();
      case kind::leaky: return leaky_node();
      case kind::quantized_embedding:
      case kind::embedding: return embedding_node();
      case kind::many: return many_node();
      case kind::pair: return pair_node();
      case kind::scalar: return scalar_node();
      case kind::one: return one_node();
    }
  }

  choices& c_;
  octet_test::symbol_writer symbol_;
  octet_test::params_writer params_;
  std::vector<std::pair<std::string, octet::dims>> shapes_;
  const row* row_ = nullptr;  // of the next node, as its attributes
  attributes attributes_;
  std::vector<value> values_;  // what nodes have given so far
  std::size_t count_ = 0;
};

}  // namespace octet_fuzz

#endif  // OCTET_TESTS_FUZZ_GENERATED_MXNET_HPP_
