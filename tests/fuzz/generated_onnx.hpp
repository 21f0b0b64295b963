// ONNX files made up field by field: valid and nearly valid nodes of every operator that octet has
// a row for, with attributes, initializers where the operator wants them, Q/DQ pairs, opsets old
// and new.
#ifndef OCTET_TESTS_FUZZ_GENERATED_ONNX_HPP_
#define OCTET_TESTS_FUZZ_GENERATED_ONNX_HPP_

#include <cmath>

#include "../onnx_file.hpp"
#include "generated.hpp"

namespace octet_fuzz {

class onnx_generator {
 public:
  explicit onnx_generator(choices& c) : c_(c) {}

  std::string make() {
    file_.opset = c_.one_in(6) ? c_.between(1, 22) : c_.one_in(40) ? small() : c_.between(11, 18);
    for (std::int64_t i = c_.between(1, 4); i > 0; --i) node();
    for (const value& v : values_)
      if (c_.one_in(2) || &v == &values_.back()) file_.output(v.name);
    std::string s = file_.str();
    if (c_.one_in(30))  // a length or a key that is not what follows
      s[static_cast<std::size_t>(c_.between(0, static_cast<std::int64_t>(s.size()) - 1))] =
          static_cast<char>(c_.word());
    return s;
  }

 private:
  using extents = std::vector<std::int64_t>;
  using proto = octet_test::proto;
  using octet_type = octet::dtype;
  /// How the operands of an operator go together; n in a name: the number of operands.
  enum class kind : std::uint8_t {
    same,
    pair,
    logic,
    choose,
    conv,
    conv_integer,
    qconv,
    matmul,
    gemm,
    qmatmul,
    qgemm,
    pool,
    resize,
    norm,
    axes,
    shape,
    moved,
    slice,
    gather,
    many,
    split,
    pad,
    cast,
    quantize,
    qpair,
    qone,
    recurrent,
    clip,
    range,
    any
  };
  struct row {
    const char* name;
    bool microsoft;
    kind operands;
  };
  static std::span<const row> rows() {
    static constexpr row list[] = {
        {"QuantizeLinear", false, kind::quantize},
        {"DequantizeLinear", false, kind::quantize},
        {"QuantizeLinear", true, kind::quantize},
        {"DynamicQuantizeLinear", false, kind::same},
        {"QLinearConv", false, kind::qconv},
        {"QLinearMatMul", false, kind::qmatmul},
        {"QGemm", true, kind::qgemm},
        {"ConvInteger", false, kind::conv_integer},
        {"MatMulInteger", false, kind::conv_integer},
        {"MatMulIntegerToFloat", true, kind::qmatmul},
        {"DynamicQuantizeMatMul", true, kind::matmul},
        {"QLinearAdd", true, kind::qpair},
        {"QLinearMul", true, kind::qpair},
        {"QLinearConcat", true, kind::qpair},
        {"QLinearWhere", true, kind::qpair},
        {"QLinearSigmoid", true, kind::qone},
        {"QLinearLeakyRelu", true, kind::qone},
        {"QLinearSoftmax", true, kind::qone},
        {"QLinearAveragePool", true, kind::qone},
        {"QLinearGlobalAveragePool", true, kind::qone},
        {"Conv", false, kind::conv},
        {"ConvTranspose", false, kind::conv},
        {"Gemm", false, kind::gemm},
        {"MatMul", false, kind::matmul},
        {"BatchNormalization", false, kind::norm},
        {"LayerNormalization", false, kind::norm},
        {"SimplifiedLayerNormalization", false, kind::norm},
        {"SkipLayerNormalization", true, kind::norm},
        {"MaxPool", false, kind::pool},
        {"AveragePool", false, kind::pool},
        {"GlobalAveragePool", false, kind::pool},
        {"GlobalMaxPool", false, kind::pool},
        {"Resize", false, kind::resize},
        {"Upsample", false, kind::resize},
        {"Softmax", false, kind::same},
        {"LogSoftmax", false, kind::same},
        {"Add", false, kind::pair},
        {"Sub", false, kind::pair},
        {"Mul", false, kind::pair},
        {"Div", false, kind::pair},
        {"Pow", false, kind::pair},
        {"Min", false, kind::many},
        {"Max", false, kind::many},
        {"Sum", false, kind::many},
        {"Equal", false, kind::pair},
        {"Less", false, kind::pair},
        {"LessOrEqual", false, kind::pair},
        {"Greater", false, kind::pair},
        {"GreaterOrEqual", false, kind::pair},
        {"And", false, kind::logic},
        {"Or", false, kind::logic},
        {"Not", false, kind::logic},
        {"Where", false, kind::choose},
        {"Relu", false, kind::same},
        {"Clip", false, kind::clip},
        {"LeakyRelu", false, kind::same},
        {"Elu", false, kind::same},
        {"Sigmoid", false, kind::same},
        {"Tanh", false, kind::same},
        {"HardSigmoid", false, kind::same},
        {"HardSwish", false, kind::same},
        {"Gelu", false, kind::same},
        {"Gelu", true, kind::same},
        {"BiasGelu", true, kind::pair},
        {"FastGelu", true, kind::pair},
        {"QuickGelu", true, kind::same},
        {"QAttention", true, kind::any},
        {"LSTM", false, kind::recurrent},
        {"DynamicQuantizeLSTM", true, kind::recurrent},
        {"Erf", false, kind::same},
        {"Exp", false, kind::same},
        {"Log", false, kind::same},
        {"Sqrt", false, kind::same},
        {"Sin", false, kind::same},
        {"Cos", false, kind::same},
        {"Abs", false, kind::same},
        {"Neg", false, kind::same},
        {"Floor", false, kind::same},
        {"Ceil", false, kind::same},
        {"Round", false, kind::same},
        {"Reciprocal", false, kind::same},
        {"ReduceMean", false, kind::axes},
        {"ReduceSum", false, kind::axes},
        {"ReduceMax", false, kind::axes},
        {"ReduceMin", false, kind::axes},
        {"ReduceProd", false, kind::axes},
        {"ArgMax", false, kind::axes},
        {"ArgMin", false, kind::axes},
        {"CumSum", false, kind::axes},
        {"Squeeze", false, kind::axes},
        {"Unsqueeze", false, kind::axes},
        {"Identity", false, kind::same},
        {"Dropout", false, kind::same},
        {"Flatten", false, kind::same},
        {"Transpose", false, kind::same},
        {"SpaceToDepth", false, kind::pool},
        {"DepthToSpace", false, kind::pool},
        {"Trilu", false, kind::same},
        {"Shape", false, kind::same},
        {"Size", false, kind::same},
        {"Reshape", false, kind::shape},
        {"Expand", false, kind::shape},
        {"Tile", false, kind::shape},
        {"ConstantOfShape", false, kind::shape},
        {"Concat", false, kind::many},
        {"Slice", false, kind::slice},
        {"Split", false, kind::split},
        {"Gather", false, kind::gather},
        {"Pad", false, kind::pad},
        {"Range", false, kind::range},
        {"Cast", false, kind::cast},
        {"Constant", false, kind::any},
        {"If", false, kind::any},
        {"Loop", false, kind::any},
    };
    return list;
  }
  struct value {
    std::string name;
    octet_type type = octet_type::f32;
    extents shape{};
  };

  // ---- numbers ----

  std::int64_t extent() {
    static constexpr std::int64_t common[] = {1, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17},
                                  odd[] = {0, 0, 33, 1 << 16, 0x7fffffff, -1, INT64_MAX};
    return c_.one_in(80) ? c_.of(odd) : c_.of(common);
  }
  extents shape(std::int64_t rank) {
    extents d;
    for (std::int64_t i = 0; i < rank; ++i) d.push_back(i == 0 && rank > 2 ? 1 : extent());
    return d;
  }
  std::int64_t small() {
    static constexpr std::int64_t odd[] = {-1,        -2,        5,       7,   INT32_MAX, INT32_MIN,
                                           INT64_MAX, INT64_MIN, 1 << 16, 100, 1LL << 32};
    return c_.one_in(25) ? c_.of(odd) : c_.between(0, 3);
  }
  float real() {
    static constexpr float list[] = {1.f, 0.5f, 0.1f, 1e-5f, 2.f, 0.f, -1.f, 3e38f, 1e-40f};
    if (c_.one_in(60)) return std::numeric_limits<float>::quiet_NaN();
    return c_.of(list);
  }
  float scale() {
    static constexpr float extreme[] = {1e-30f, 1e30f, 0x1p-126f, 0.f, -1.f, 3e38f};
    if (c_.one_in(50)) return c_.of(extreme);
    return std::ldexp(static_cast<float>(c_.between(64, 127)) / 64,
                      -static_cast<int>(c_.between(2, 9)));
  }
  static std::int64_t code_of(octet_type t) {
    switch (t) {
      case octet_type::f32: return 1;
      case octet_type::u8: return 2;
      case octet_type::s8: return 3;
      case octet_type::u16: return 4;
      case octet_type::s16: return 5;
      case octet_type::s32: return 6;
      case octet_type::s64: return 7;
      case octet_type::boolean: return 9;
      case octet_type::f16: return 10;
      case octet_type::f64: return 11;
      case octet_type::u32: return 12;
      case octet_type::u64: return 13;
    }
    return 1;
  }
  octet_type type() {
    static constexpr octet_type common[] = {octet_type::f32, octet_type::f32, octet_type::f32,
                                            octet_type::s64, octet_type::s32, octet_type::u8};
    return c_.one_in(40)  ? c_.of(octet::enumerators<octet_type>)
           : c_.one_in(4) ? c_.of(common)
                          : octet_type::f32;
  }
  octet_type byte() { return c_.one_in(2) ? octet_type::u8 : octet_type::s8; }

  // ---- values ----

  std::string fresh() { return "v" + std::to_string(count_++); }
  value input(octet_type t, extents d) {
    value v{fresh(), t, std::move(d)};
    file_.input(v.name, code_of(t), v.shape);
    return v;
  }
  value constant(octet_type t, extents d) {
    value v{fresh(), t, std::move(d)};
    std::size_t n = 1;
    for (std::int64_t e : v.shape)
      n = octet::saturating_mul(n, static_cast<std::size_t>(std::max<std::int64_t>(e, 0)));
    std::string raw;
    if (n < 100000) {  // nor may this program run out of memory
      const auto e = elements(c_, t, n);
      raw.assign(reinterpret_cast<const char*>(e.data()), e.size());
    }
    if (c_.one_in(100)) raw += '\1';
    file_.constant(octet_test::onnx::tensor(v.name, code_of(t), v.shape, raw));
    return v;
  }
  template <class T> value constant_of(octet_type t, const extents& d, const std::vector<T>& list) {
    value v{fresh(), t, d};
    file_.constant(octet_test::onnx::tensor(v.name, code_of(t), d, octet_test::onnx::raw_of(list)));
    return v;
  }
  value numbers(const std::vector<std::int64_t>& list) {
    return constant_of(octet_type::s64, {static_cast<std::int64_t>(list.size())}, list);
  }
  value scales(std::int64_t channels = 0) {
    const bool each = channels > 0 && channels < 100 && c_.one_in(2);
    std::vector<float> s;
    for (std::int64_t i = 0; i < (each ? channels : 1); ++i) s.push_back(scale());
    return constant_of(octet_type::f32, each ? extents{channels} : extents{}, s);
  }
  value zero(octet_type t, std::int64_t channels = 0) {
    const std::vector<std::uint8_t> z(static_cast<std::size_t>(std::max<std::int64_t>(channels, 1)),
                                      c_.one_in(2) ? static_cast<std::uint8_t>(c_.word()) : 0);
    return constant_of(t, channels > 0 ? extents{channels} : extents{}, z);
  }
  value before(octet_type t, std::int64_t rank) {
    if (!values_.empty() && !c_.one_in(3)) {
      const value& v = values_.back();
      if (v.type == t &&
          (rank < 0 || static_cast<std::int64_t>(v.shape.size()) == rank || c_.one_in(30)))
        return v;
    }
    extents d = shape(rank < 0 ? c_.between(0, 5) : rank);
    return c_.one_in(6) ? constant(t, d) : input(t, d);
  }

  // ---- nodes ----

  void add(const char* name, bool microsoft, const std::vector<value>& in, octet_type t,
           const extents& d, int outputs = 1) {
    std::vector<std::string> from, to;
    for (const value& v : in) from.push_back(c_.one_in(150) ? std::string() : v.name);
    for (int i = 0; i < outputs; ++i) to.push_back(fresh());
    if (c_.one_in(200) && !from.empty()) to[0] = from[0];
    if (c_.one_in(200) && !from.empty()) from[0] = "nothing";
    file_.node(name, from, to, attributes_, microsoft ? "com.microsoft" : "");
    attributes_.clear();
    values_.push_back({to[0], t, d});
  }
  template <class T> void attribute(const char* name, const T& v) {
    if (!c_.one_in(40)) attributes_.push_back(octet_test::onnx::attribute(name, v));
  }
  void maybe(const char* name, std::int64_t v) {
    if (c_.one_in(2)) attribute(name, v);
  }
  void list(const char* name, std::size_t n, std::int64_t lo, std::int64_t hi) {
    if (c_.one_in(3)) return;
    std::vector<std::int64_t> l;
    for (std::size_t i = 0; i < n; ++i) l.push_back(c_.one_in(30) ? small() : c_.between(lo, hi));
    if (c_.one_in(60)) l.push_back(small());
    attribute(name, l);
  }
  void window(std::int64_t taps, std::size_t axes) {
    std::vector<std::int64_t> k(axes, taps);
    if (!c_.one_in(8)) attribute("kernel_shape", k);
    list("strides", axes, 1, 2), list("dilations", axes, 1, 2), list("pads", 2 * axes, 0, 1);
    if (c_.one_in(8)) attribute("auto_pad", std::string(c_.one_in(2) ? "SAME_UPPER" : "VALID"));
    if (c_.one_in(8)) attribute("ceil_mode", std::int64_t{1});
    if (c_.one_in(8)) attribute("count_include_pad", std::int64_t{1});
    if (c_.one_in(20)) attribute("group", small());
  }
  static std::int64_t last(const extents& d) { return d.empty() ? 1 : d.back(); }

  bool is(std::string_view name) const { return name == row_->name; }
  void finish(const std::vector<value>& in, octet_type y, const extents& d, int outputs = 1) {
    add(row_->name, row_->microsoft, in, y, d, outputs);
  }
  void same_node() {
    const value x = before(type_, -1);
    maybe("axis", c_.between(-1, 3));
    if (is("LeakyRelu") || is("Elu") || is("HardSigmoid")) attribute("alpha", real());
    if (is("Transpose")) {
      std::vector<std::int64_t> p;
      for (std::size_t i = 0; i < x.shape.size(); ++i)
        p.push_back(c_.one_in(30) ? small() : static_cast<std::int64_t>(x.shape.size() - 1 - i));
      attribute("perm", p);
    }
    return finish({x}, is("Shape") || is("Size") ? octet_type::s64 : type_, x.shape,
                  is("DynamicQuantizeLinear") ? 3 : 1);
  }
  void pair_node() {
    std::vector<value> in;
    const octet_type e = row_->operands == kind::logic ? octet_type::boolean : type_;
    const value x = before(e, -1);
    in = {x};
    extents d = x.shape;
    if (c_.one_in(3)) d = d.empty() ? extents{} : extents{d.back()};
    for (std::int64_t& v : d)
      if (c_.one_in(6)) v = 1;
    if (!is("Not")) in.push_back(c_.one_in(2) ? constant(e, d) : input(e, d));
    const bool compares = is("Equal") || std::string_view(row_->name).find("er") == 3 || is("Less");
    return finish(in, compares ? octet_type::boolean : e, x.shape);
  }
  void choose_node() {
    const value x = before(type_, -1);
    return finish({input(octet_type::boolean, x.shape), x, constant(type_, x.shape)}, type_,
                  x.shape);
  }
  void conv_node() {
    std::vector<value> in;
    const std::int64_t axes = c_.between(1, 3), taps = c_.between(1, 3), channels = extent();
    const value x = before(octet_type::f32, axes + 2);
    const std::int64_t ci = x.shape.size() > 1 ? x.shape[1] : 1;
    const bool transposed = is("ConvTranspose");
    extents w{transposed ? ci : channels, transposed ? channels : ci};
    for (std::int64_t i = 0; i < axes; ++i) w.push_back(taps);
    window(taps, static_cast<std::size_t>(axes));
    in = {x, constant(octet_type::f32, w)};
    if (c_.one_in(2)) in.push_back(constant(octet_type::f32, {channels}));
    return finish(in, octet_type::f32, x.shape);
  }
  void qconv_node() {
    std::vector<value> in;
    const octet_type e = byte(), we = c_.one_in(6) ? byte() : octet_type::s8;
    const std::int64_t axes = c_.between(1, 2), taps = c_.between(1, 3), channels = extent();
    const value x = before(e, axes + 2);
    extents w{channels, x.shape.size() > 1 ? x.shape[1] : 1};
    for (std::int64_t i = 0; i < axes; ++i) w.push_back(taps);
    window(taps, static_cast<std::size_t>(axes));
    const value ws = scales(channels);
    in = {
        x,        scales(), zero(e), constant(we, w), ws, zero(we, ws.shape.empty() ? 0 : channels),
        scales(), zero(e)};
    if (c_.one_in(2)) in.push_back(constant(octet_type::s32, {channels}));
    return finish(in, e, x.shape);
  }
  void conv_integer_node() {
    std::vector<value> in;
    const octet_type e = byte(), we = byte();
    const bool matrix = is("MatMulInteger");
    const value x = before(e, matrix ? c_.between(2, 3) : 4);
    const std::int64_t channels = extent();
    const value w =
        constant(we, matrix ? extents{last(x.shape), channels}
                            : extents{channels, x.shape.size() > 1 ? x.shape[1] : 1, 2, 2});
    if (!matrix) window(2, 2);
    in = {x, w};
    if (c_.one_in(2)) in.push_back(zero(e)), in.push_back(zero(we));
    return finish(in, octet_type::s32, x.shape);
  }
  void matmul_node() {
    std::vector<value> in;
    const value x = before(octet_type::f32, c_.between(1, 4));
    const std::int64_t channels = extent();
    if (row_->microsoft) {
      const octet_type we = byte();
      const value w = constant(we, {last(x.shape), channels});
      in = {x, w, scales(channels), zero(we)};
      if (c_.one_in(2)) in.push_back(constant(octet_type::f32, {channels}));
    } else {
      extents d = x.shape;
      if (d.size() >= 2) d[d.size() - 2] = x.shape.back(), d.back() = channels;
      in = {x, c_.one_in(2) ? constant(octet_type::f32, d) : input(octet_type::f32, d)};
    }
    return finish(in, octet_type::f32, x.shape);
  }
  void gemm_node() {
    std::vector<value> in;
    const value x = before(octet_type::f32, 2);
    const std::int64_t channels = extent();
    const bool turned = c_.one_in(2);
    if (turned) attribute("transB", std::int64_t{1});
    maybe("transA", c_.between(0, 1));
    if (c_.one_in(3)) attribute("alpha", real());
    if (c_.one_in(3)) attribute("beta", real());
    in = {x, constant(octet_type::f32, turned ? extents{channels, last(x.shape)}
                                              : extents{last(x.shape), channels})};
    if (c_.one_in(2)) in.push_back(constant(octet_type::f32, {channels}));
    return finish(in, octet_type::f32, {x.shape.empty() ? 1 : x.shape[0], channels});
  }
  void qmatmul_node() {
    std::vector<value> in;
    const octet_type e = byte(), we = c_.one_in(3) ? byte() : octet_type::s8;
    const value x = before(e, row_->operands == kind::qgemm ? 2 : c_.between(2, 3));
    const std::int64_t channels = extent();
    const value w = constant(we, {last(x.shape), channels}), ws = scales(channels),
                wz = zero(we, ws.shape.empty() ? 0 : channels);
    if (is("MatMulIntegerToFloat")) {
      in = {x, w, scales(), ws, zero(e), wz};
      if (c_.one_in(2)) in.push_back(constant(octet_type::f32, {channels}));
      return finish(in, octet_type::f32, x.shape);
    }
    in = {x, scales(), zero(e), w, ws, wz};
    if (row_->operands == kind::qgemm)
      in.push_back(c_.one_in(2) ? constant(octet_type::s32, {channels}) : value{});
    in.push_back(scales()), in.push_back(zero(e));
    return finish(in, e, x.shape);
  }
  void qpair_node() {
    std::vector<value> in;
    const octet_type e = byte();
    const value x = before(e, -1);
    const value y = c_.one_in(2) ? constant(e, x.shape) : input(e, x.shape);
    if (is("QLinearConcat")) {
      attribute("axis", c_.between(-1, 2));
      in = {scales(), zero(e), x, scales(), zero(e), y, scales(), zero(e)};
    } else {
      in = {x, scales(), zero(e), y, scales(), zero(e), scales(), zero(e)};
      if (is("QLinearWhere")) in.insert(in.begin(), input(octet_type::boolean, x.shape));
    }
    return finish(in, e, x.shape);
  }
  void qone_node() {
    const octet_type e = byte();
    const bool pool = std::string_view(row_->name).ends_with("Pool");
    const value x = before(e, pool ? 4 : -1);
    if (is("QLinearAveragePool")) window(2, 2);
    if (is("QLinearLeakyRelu")) attribute("alpha", real());
    if (is("QLinearSoftmax")) attribute("axis", c_.between(-1, 2)), attribute("opset", file_.opset);
    maybe("channels_last", c_.between(0, 1));
    return finish({x, scales(), zero(e), scales(), zero(e)}, e, x.shape);
  }
  void pool_node() {
    const value x = before(c_.one_in(8) ? byte() : octet_type::f32, c_.one_in(6) ? 3 : 4);
    if (is("SpaceToDepth") || is("DepthToSpace"))
      attribute("blocksize", c_.between(1, 2));
    else if (x.shape.size() > 2)
      window(c_.between(1, 3), x.shape.size() - 2);
    return finish({x}, x.type, x.shape);
  }
  void resize_node() {
    std::vector<value> in;
    const value x = before(octet_type::f32, 4);
    static const std::string modes[] = {"nearest", "linear", "cubic"},
                             places[] = {"half_pixel", "asymmetric", "align_corners",
                                         "pytorch_half_pixel", "tf_crop_and_resize"},
                             nearest[] = {"floor", "ceil", "round_prefer_floor",
                                          "round_prefer_ceil"};
    attribute("mode", modes[c_.one_in(10) ? 2 : c_.between(0, 1)]);
    if (c_.one_in(2)) attribute("coordinate_transformation_mode", c_.of(places));
    if (c_.one_in(2)) attribute("nearest_mode", c_.of(nearest));
    const value factors = constant_of(
        octet_type::f32, {4},
        std::vector<float>{1, 1, c_.one_in(2) ? 2.f : real(), c_.one_in(2) ? 2.f : real()});
    if (is("Upsample"))
      in = {x, factors};
    else if (c_.one_in(2))
      in = {x, value{}, factors};
    else
      in = {x, value{}, value{},
            numbers({1, x.shape.size() > 1 ? x.shape[1] : 1, extent(), extent()})};
    return finish(in, octet_type::f32, x.shape);
  }
  void norm_node() {
    std::vector<value> in;
    const value x = before(octet_type::f32, c_.between(2, 4));
    const std::int64_t n =
        is("BatchNormalization") && x.shape.size() > 1 ? x.shape[1] : last(x.shape);
    in = {x};
    if (row_->microsoft) in.push_back(input(octet_type::f32, x.shape));
    for (int i = is("BatchNormalization") ? 4 : 2; i > 0; --i)
      in.push_back(constant(octet_type::f32, {n}));
    if (c_.one_in(2)) attribute("epsilon", real());
    return finish(in, octet_type::f32, x.shape);
  }
  void axes_node() {
    std::vector<value> in;
    const value x = before(type_, -1);
    in = {x};
    const auto a = c_.between(-1, 3);
    if (is("ArgMax") || is("ArgMin")) {
      attribute("axis", a);
    } else if (is("CumSum")) {
      in.push_back(constant_of(octet_type::s64, {}, std::vector<std::int64_t>{a}));
    } else if (c_.one_in(2)) {
      attribute("axes", std::vector<std::int64_t>{a});
    } else if (!c_.one_in(6)) {
      in.push_back(numbers({a}));
    }
    maybe("keepdims", c_.between(0, 1));
    return finish(in, is("ArgMax") || is("ArgMin") ? octet_type::s64 : type_, x.shape);
  }
  void shape_node() {
    const value x = before(type_, -1);
    std::vector<std::int64_t> l;
    for (std::size_t i = 0; i < x.shape.size(); ++i)
      l.push_back(c_.one_in(20)   ? small()
                  : is("Tile")    ? c_.between(1, 2)
                  : is("Reshape") ? x.shape[x.shape.size() - 1 - i]
                                  : x.shape[i]);
    if (c_.one_in(20)) l.insert(l.begin(), 2);
    if (is("ConstantOfShape")) return finish({numbers(l)}, octet_type::f32, x.shape);
    return finish({x, numbers(l)}, type_, x.shape);
  }
  void slice_node() {
    std::vector<value> in;
    const value x = before(type_, -1);
    const std::size_t n = x.shape.size();
    std::vector<std::int64_t> from, to, axes, steps;
    for (std::size_t i = 0; i < n; ++i) {
      from.push_back(c_.one_in(20) ? small() : c_.between(0, 1));
      to.push_back(c_.one_in(20) ? small() : x.shape[i]);
      axes.push_back(c_.one_in(40) ? small() : static_cast<std::int64_t>(i));
      steps.push_back(c_.one_in(20) ? small() : c_.between(1, 2));
    }
    if (file_.opset < 10 || c_.one_in(20)) {
      attribute("starts", from), attribute("ends", to), attribute("axes", axes);
      return finish({x}, type_, x.shape);
    }
    in = {x, numbers(from), numbers(to)};
    if (c_.one_in(2)) in.push_back(numbers(axes));
    if (in.size() == 4 && c_.one_in(2)) in.push_back(numbers(steps));
    return finish(in, type_, x.shape);
  }
  void gather_node() {
    const value x = before(type_, -1);
    maybe("axis", c_.between(-1, 2));
    return finish({x, c_.one_in(2) ? numbers({small(), small()})
                                   : input(octet_type::s64, shape(c_.between(0, 2)))},
                  type_, x.shape);
  }
  void many_node() {
    std::vector<value> in;
    const value x = before(type_, -1);
    in = {x};
    for (std::int64_t i = c_.between(0, 3); i > 0; --i)
      in.push_back(c_.one_in(2) ? constant(type_, x.shape) : input(type_, x.shape));
    if (is("Concat")) attribute("axis", c_.between(-1, 3));
    return finish(in, type_, x.shape);
  }
  void split_node() {
    std::vector<value> in;
    const value x = before(type_, -1);
    maybe("axis", c_.between(-1, 2));
    in = {x};
    if (c_.one_in(3))
      in.push_back(numbers({c_.between(0, 3), c_.between(0, 3)}));
    else if (c_.one_in(3))
      attribute("split", std::vector<std::int64_t>{small(), small()});
    return finish(in, type_, x.shape, 2);
  }
  void pad_node() {
    std::vector<value> in;
    const value x = before(type_, -1);
    std::vector<std::int64_t> l;
    for (std::size_t i = 0; i < 2 * x.shape.size(); ++i)
      l.push_back(c_.one_in(20) ? small() : c_.between(0, 1));
    static const std::string modes[] = {"constant", "reflect", "edge", "wrap"};
    if (c_.one_in(2)) attribute("mode", c_.of(modes));
    if (file_.opset < 11 || c_.one_in(20)) {
      attribute("pads", l);
      return finish({x}, type_, x.shape);
    }
    in = {x, numbers(l)};
    if (c_.one_in(2)) in.push_back(constant(type_, {}));
    return finish(in, type_, x.shape);
  }
  void cast_node() {
    const value x = before(type_, -1);
    const octet_type y = type();
    attribute("to", c_.one_in(30) ? small() : code_of(y));
    return finish({x}, y, x.shape);
  }
  void quantize_node() {
    std::vector<value> in;
    const bool back = is("DequantizeLinear");
    const octet_type e = c_.one_in(10) ? octet_type::s16 : byte();
    const value x = before(back ? e : octet_type::f32, -1);
    const std::int64_t axis = c_.between(0, 1), n = static_cast<std::size_t>(axis) < x.shape.size()
                                                        ? x.shape[static_cast<std::size_t>(axis)]
                                                        : 0;
    const value s = scales(n);
    if (!s.shape.empty()) attribute("axis", axis);
    in = {x, s};
    if (!c_.one_in(4)) in.push_back(zero(e, s.shape.empty() ? 0 : n));
    return finish(in, back ? octet_type::f32 : e, x.shape);
  }
  void recurrent_node() {
    std::vector<value> in;
    const value x = before(octet_type::f32, 3);
    const std::int64_t units = extent(), ways = c_.one_in(3) ? 2 : 1;
    attribute("hidden_size", units);
    if (ways == 2) attribute("direction", std::string("bidirectional"));
    const octet_type we = is("LSTM") ? octet_type::f32 : byte();
    const bool turned = is("LSTM");
    in = {x,
          constant(we, turned ? extents{ways, 4 * units, last(x.shape)}
                              : extents{ways, last(x.shape), 4 * units}),
          constant(we, turned ? extents{ways, 4 * units, units} : extents{ways, units, 4 * units}),
          constant(octet_type::f32, {ways, 8 * units})};
    for (int i = 0; i < 4; ++i) in.push_back(value{});
    if (is("DynamicQuantizeLSTM"))
      for (int i = 0; i < 2; ++i)
        in.push_back(constant_of(octet_type::f32, {ways},
                                 std::vector<float>(static_cast<std::size_t>(ways), 0.02f))),
            in.push_back(zero(we, ways));
    return finish(in, octet_type::f32, x.shape, 3);
  }
  void clip_node() {
    std::vector<value> in;
    const value x = before(type_, -1);
    if (file_.opset < 11 || c_.one_in(20)) {
      attribute("min", real()), attribute("max", real());
      return finish({x}, type_, x.shape);
    }
    in = {x, c_.one_in(3) ? value{} : constant(type_, {}), constant(type_, {})};
    return finish(in, type_, x.shape);
  }
  void range_node() {
    const auto one = [&](std::int64_t v) {
      return constant_of(octet_type::s64, {}, std::vector<std::int64_t>{v});
    };
    return finish({one(small()), one(small() * 3), one(c_.one_in(6) ? small() : 1)},
                  octet_type::s64, {extent()});
  }
  void moved_node() {
    std::vector<value> in;
    for (std::int64_t i = c_.between(0, 6); i > 0; --i)
      in.push_back(c_.one_in(2) ? before(type_, -1) : constant(type_, shape(c_.between(0, 3))));
    if (is("Constant"))
      attributes_.push_back(proto()
                                .text(octet_test::onnx::attribute_field::name, "value")
                                .message(octet_test::onnx::attribute_field::t,
                                         octet_test::onnx::floats("", {2}, {real(), real()})));
    maybe("num_heads", c_.between(1, 4));
    return finish(in, type_, shape(2), static_cast<int>(c_.between(1, 3)));
  }
  void node() {
    row_ = &c_.of(rows());
    type_ = type();
    switch (row_->operands) {
      case kind::same: return same_node();
      case kind::pair:
      case kind::logic: return pair_node();
      case kind::choose: return choose_node();
      case kind::conv: return conv_node();
      case kind::qconv: return qconv_node();
      case kind::conv_integer: return conv_integer_node();
      case kind::matmul: return matmul_node();
      case kind::gemm: return gemm_node();
      case kind::qmatmul:
      case kind::qgemm: return qmatmul_node();
      case kind::qpair: return qpair_node();
      case kind::qone: return qone_node();
      case kind::pool: return pool_node();
      case kind::resize: return resize_node();
      case kind::norm: return norm_node();
      case kind::axes: return axes_node();
      case kind::shape: return shape_node();
      case kind::slice: return slice_node();
      case kind::gather: return gather_node();
      case kind::many: return many_node();
      case kind::split: return split_node();
      case kind::pad: return pad_node();
      case kind::cast: return cast_node();
      case kind::quantize: return quantize_node();
      case kind::recurrent: return recurrent_node();
      case kind::clip: return clip_node();
      case kind::range: return range_node();
      case kind::moved:
      case kind::any: return moved_node();
    }
  }

  choices& c_;
  octet_test::onnx::file file_;
  const row* row_ = nullptr;  // of the next node, as its element type and attributes
  octet_type type_ = octet_type::f32;
  std::vector<proto> attributes_;
  std::vector<value> values_;  // what nodes have given so far
  std::size_t count_ = 0;
};

}  // namespace octet_fuzz

#endif  // OCTET_TESTS_FUZZ_GENERATED_ONNX_HPP_
