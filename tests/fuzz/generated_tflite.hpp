// TensorFlow Lite files made up field by field: valid and nearly valid operators of every builtin
// that octet has a row for, with their options, constants where the operator wants them,
// quantization extremes, variables, absent operands, subgraphs that operators run.
#ifndef OCTET_TESTS_FUZZ_GENERATED_TFLITE_HPP_
#define OCTET_TESTS_FUZZ_GENERATED_TFLITE_HPP_

#include <bit>
#include <cmath>

#include "../tflite_file.hpp"
#include "generated.hpp"
#include "octet/import/tflite/builtin_operators.hpp"

namespace octet_fuzz {

class tflite_generator {
 public:
  explicit tflite_generator(choices& c) : c_(c) {}

  std::vector<std::byte> make() {
    file_type f = subgraph(c_.between(1, 3), {});
    for (std::int64_t i = c_.one_in(6) ? c_.between(1, 3) : 0; i > 0; --i)
      f.others.push_back(
          subgraph(c_.between(0, 2), f.others.empty() ? shape_list{} : first_inputs_));
    if (c_.one_in(20)) f.signatures.emplace_back("serving", static_cast<std::uint32_t>(small()));
    return f.bytes();
  }

 private:
  using file_type = octet_test::tflite_file;
  using extents = std::vector<std::int32_t>;
  using shape_list = std::vector<extents>;
  using ids = std::vector<std::int32_t>;
  /// How the operands of an operator go together.
  enum class kind : std::uint8_t {
    same,        // one input, the output like it
    pair,        // two that broadcast
    compare,     // the same, the output is bool
    choose,      // bool, then two
    reals,       // between float and integers: cast, quantize, dequantize
    conv,        // image, filters, bias
    depthwise,   //
    transposed,  // output shape, filters, image, bias
    connected,   // rows, weights, bias
    product,     // two matrices
    pool,        // image
    resize,      // image, two extents
    axes,        // a value and a list of axes
    axis,        // a value and one axis
    list,        // a value and a list, one number for each axis
    lists,       // a value and three of them
    pads,        // a value and pairs, one for each axis
    blocks,      // an image, two numbers, two pairs
    many,        // values of one shape
    pieces,      // an axis and a value, several outputs
    pieces_of,   // a value, sizes and an axis, several outputs
    indices,     // a value and indices into it
    numbers,     // three numbers
    recurrent,   // many weights
    any          // whatever
  };
  struct row {
    std::int32_t code;
    kind operands;
    int options;  // int32 fields that its option table has
  };

  static std::span<const row> rows() {
    using octet::import::tflite_schema::builtin_code;
    static constexpr row list[] = {
        {builtin_code("ADD"), kind::pair, 2},
        {builtin_code("SUB"), kind::pair, 2},
        {builtin_code("MUL"), kind::pair, 1},
        {builtin_code("DIV"), kind::pair, 1},
        {builtin_code("MAXIMUM"), kind::pair, 0},
        {builtin_code("MINIMUM"), kind::pair, 0},
        {builtin_code("POW"), kind::pair, 0},
        {builtin_code("SQUARED_DIFFERENCE"), kind::pair, 0},
        {builtin_code("FLOOR_DIV"), kind::pair, 0},
        {builtin_code("FLOOR_MOD"), kind::pair, 0},
        {builtin_code("PRELU"), kind::pair, 0},
        {builtin_code("BITWISE_XOR"), kind::pair, 0},
        {builtin_code("RIGHT_SHIFT"), kind::pair, 0},
        {builtin_code("LOGICAL_AND"), kind::pair, 0},
        {builtin_code("LOGICAL_OR"), kind::pair, 0},
        {builtin_code("LESS"), kind::compare, 0},
        {builtin_code("GREATER"), kind::compare, 0},
        {builtin_code("GREATER_EQUAL"), kind::compare, 0},
        {builtin_code("LESS_EQUAL"), kind::compare, 0},
        {builtin_code("EQUAL"), kind::compare, 0},
        {builtin_code("NOT_EQUAL"), kind::compare, 0},
        {builtin_code("SELECT"), kind::choose, 0},
        {builtin_code("SELECT_V2"), kind::choose, 0},
        {builtin_code("CAST"), kind::reals, 0},
        {builtin_code("QUANTIZE"), kind::reals, 0},
        {builtin_code("DEQUANTIZE"), kind::reals, 0},
        {builtin_code("RELU"), kind::same, 0},
        {builtin_code("RELU6"), kind::same, 0},
        {builtin_code("RELU_N1_TO_1"), kind::same, 0},
        {builtin_code("RELU_0_TO_1"), kind::same, 0},
        {builtin_code("LOGISTIC"), kind::same, 0},
        {builtin_code("TANH"), kind::same, 0},
        {builtin_code("HARD_SWISH"), kind::same, 0},
        {builtin_code("LEAKY_RELU"), kind::same, 1},
        {builtin_code("ELU"), kind::same, 0},
        {builtin_code("GELU"), kind::same, 1},
        {builtin_code("EXP"), kind::same, 0},
        {builtin_code("LOG"), kind::same, 0},
        {builtin_code("SQRT"), kind::same, 0},
        {builtin_code("RSQRT"), kind::same, 0},
        {builtin_code("SQUARE"), kind::same, 0},
        {builtin_code("SIN"), kind::same, 0},
        {builtin_code("COS"), kind::same, 0},
        {builtin_code("ABS"), kind::same, 0},
        {builtin_code("NEG"), kind::same, 0},
        {builtin_code("SIGN"), kind::same, 0},
        {builtin_code("FLOOR"), kind::same, 0},
        {builtin_code("CEIL"), kind::same, 0},
        {builtin_code("ROUND"), kind::same, 0},
        {builtin_code("LOGICAL_NOT"), kind::same, 0},
        {builtin_code("SOFTMAX"), kind::same, 1},
        {builtin_code("LOG_SOFTMAX"), kind::same, 0},
        {builtin_code("L2_NORMALIZATION"), kind::same, 1},
        {builtin_code("LOCAL_RESPONSE_NORMALIZATION"), kind::same, 4},
        {builtin_code("ZEROS_LIKE"), kind::same, 0},
        {builtin_code("SHAPE"), kind::same, 1},
        {builtin_code("RANK"), kind::same, 0},
        {builtin_code("WHERE"), kind::same, 0},
        {builtin_code("BUCKETIZE"), kind::same, 1},
        {builtin_code("SPACE_TO_DEPTH"), kind::same, 1},
        {builtin_code("DEPTH_TO_SPACE"), kind::same, 1},
        {builtin_code("UNPACK"), kind::same, 2},
        {builtin_code("SQUEEZE"), kind::same, 1},
        {builtin_code("CONV_2D"), kind::conv, 6},
        {builtin_code("DEPTHWISE_CONV_2D"), kind::depthwise, 7},
        {builtin_code("CONV_3D"), kind::conv, 8},
        {builtin_code("TRANSPOSE_CONV"), kind::transposed, 4},
        {builtin_code("FULLY_CONNECTED"), kind::connected, 4},
        {builtin_code("BATCH_MATMUL"), kind::product, 3},
        {builtin_code("AVERAGE_POOL_2D"), kind::pool, 6},
        {builtin_code("MAX_POOL_2D"), kind::pool, 6},
        {builtin_code("L2_POOL_2D"), kind::pool, 6},
        {builtin_code("RESIZE_BILINEAR"), kind::resize, 4},
        {builtin_code("RESIZE_NEAREST_NEIGHBOR"), kind::resize, 2},
        {builtin_code("MEAN"), kind::axes, 1},
        {builtin_code("SUM"), kind::axes, 1},
        {builtin_code("REDUCE_PROD"), kind::axes, 1},
        {builtin_code("REDUCE_MAX"), kind::axes, 1},
        {builtin_code("REDUCE_MIN"), kind::axes, 1},
        {builtin_code("REDUCE_ANY"), kind::axes, 1},
        {builtin_code("REDUCE_ALL"), kind::axes, 1},
        {builtin_code("REVERSE_V2"), kind::axes, 0},
        {builtin_code("ARG_MAX"), kind::axis, 1},
        {builtin_code("ARG_MIN"), kind::axis, 1},
        {builtin_code("CUMSUM"), kind::axis, 2},
        {builtin_code("EXPAND_DIMS"), kind::axis, 0},
        {builtin_code("TOPK_V2"), kind::axis, 0},
        {builtin_code("RESHAPE"), kind::list, 0},
        {builtin_code("TRANSPOSE"), kind::list, 0},
        {builtin_code("TILE"), kind::list, 0},
        {builtin_code("BROADCAST_TO"), kind::list, 0},
        {builtin_code("FILL"), kind::list, 0},
        {builtin_code("SLICE"), kind::lists, 0},
        {builtin_code("STRIDED_SLICE"), kind::lists, 6},
        {builtin_code("DYNAMIC_UPDATE_SLICE"), kind::lists, 0},
        {builtin_code("PAD"), kind::pads, 0},
        {builtin_code("PADV2"), kind::pads, 0},
        {builtin_code("MIRROR_PAD"), kind::pads, 1},
        {builtin_code("SPACE_TO_BATCH_ND"), kind::blocks, 0},
        {builtin_code("BATCH_TO_SPACE_ND"), kind::blocks, 0},
        {builtin_code("CONCATENATION"), kind::many, 2},
        {builtin_code("PACK"), kind::many, 2},
        {builtin_code("ADD_N"), kind::many, 0},
        {builtin_code("SPLIT"), kind::pieces, 1},
        {builtin_code("SPLIT_V"), kind::pieces_of, 1},
        {builtin_code("GATHER"), kind::indices, 2},
        {builtin_code("GATHER_ND"), kind::indices, 0},
        {builtin_code("EMBEDDING_LOOKUP"), kind::indices, 0},
        {builtin_code("ONE_HOT"), kind::indices, 1},
        {builtin_code("SCATTER_ND"), kind::indices, 0},
        {builtin_code("SEGMENT_SUM"), kind::indices, 0},
        {builtin_code("UNSORTED_SEGMENT_SUM"), kind::indices, 0},
        {builtin_code("UNSORTED_SEGMENT_MAX"), kind::indices, 0},
        {builtin_code("REVERSE_SEQUENCE"), kind::indices, 2},
        {builtin_code("RANGE"), kind::numbers, 0},
        {builtin_code("SPARSE_TO_DENSE"), kind::any, 1},
        {builtin_code("MATRIX_DIAG"), kind::same, 0},
        {builtin_code("MATRIX_SET_DIAG"), kind::pair, 0},
        {builtin_code("BROADCAST_ARGS"), kind::pair, 0},
        {builtin_code("NON_MAX_SUPPRESSION_V4"), kind::any, 0},
        {builtin_code("NON_MAX_SUPPRESSION_V5"), kind::any, 0},
        {builtin_code("LSTM"), kind::recurrent, 5},
        {builtin_code("UNIDIRECTIONAL_SEQUENCE_LSTM"), kind::recurrent, 5},
        {builtin_code("BIDIRECTIONAL_SEQUENCE_LSTM"), kind::recurrent, 6},
        {builtin_code("RNN"), kind::recurrent, 2},
        {builtin_code("UNIDIRECTIONAL_SEQUENCE_RNN"), kind::recurrent, 3},
        {builtin_code("BIDIRECTIONAL_SEQUENCE_RNN"), kind::recurrent, 4},
        {builtin_code("SVDF"), kind::recurrent, 3},
        {builtin_code("IF"), kind::any, 2},
        {builtin_code("WHILE"), kind::any, 2},
        {builtin_code("CALL_ONCE"), kind::any, 1},
        {builtin_code("VAR_HANDLE"), kind::any, 2},
        {builtin_code("READ_VARIABLE"), kind::any, 0},
        {builtin_code("ASSIGN_VARIABLE"), kind::any, 0},
        {builtin_code("DELEGATE"), kind::any, 1},
    };
    return list;
  }

  static constexpr std::int8_t f32 = 0, s32 = 2, u8 = 3, s64 = 4, boolean = 6, s16 = 7, s8 = 9,
                               int4 = 17;
  static octet::dtype dtype_of(std::int8_t type) {
    return type == f32       ? octet::dtype::f32
           : type == s32     ? octet::dtype::s32
           : type == s64     ? octet::dtype::s64
           : type == s16     ? octet::dtype::s16
           : type == boolean ? octet::dtype::boolean
           : type == u8      ? octet::dtype::u8
                             : octet::dtype::s8;
  }

  // ---- numbers ----

  std::int32_t extent() {
    static constexpr std::int32_t common[] = {1, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17};
    static constexpr std::int32_t odd[] = {0, 0, 33, 1 << 16, 0x7fffffff, -1};
    return c_.one_in(80) ? c_.of(odd) : c_.of(common);
  }
  extents shape(std::int64_t rank) {
    extents d;
    for (std::int64_t i = 0; i < rank; ++i) d.push_back(i == 0 && rank > 2 ? 1 : extent());
    return d;
  }
  static std::size_t elements_of(const extents& d) {
    std::size_t n = 1;
    for (std::int32_t e : d) n = octet::saturating_mul(n, static_cast<std::size_t>(std::max(e, 0)));
    return n;
  }
  std::int32_t small() {
    static constexpr std::int32_t odd[] = {-1,      -2,      5,   7,  INT32_MAX, INT32_MIN,
                                           1 << 30, 1 << 16, 100, 31, 255};
    return c_.one_in(25) ? c_.of(odd) : static_cast<std::int32_t>(c_.between(0, 3));
  }
  /// The bits of a float, as an option's field.
  std::int32_t real_bits() {
    static constexpr float list[] = {1.f, 0.5f, 0.1f, 1e-6f, 2.f, 0.f, -1.f, 3e38f, 1e-40f};
    if (c_.one_in(40)) return 0x7fc00000;
    return std::bit_cast<std::int32_t>(c_.of(list));
  }
  float scale() {
    static constexpr float extreme[] = {1e-30f, 1e30f, 0x1p-126f, 0.f, -1.f, 0x1p-31f, 3e38f};
    if (c_.one_in(50)) return c_.of(extreme);
    if (c_.one_in(8)) return 1.f / 256;
    return std::ldexp(static_cast<float>(c_.between(64, 127)) / 64,
                      -static_cast<int>(c_.between(2, 9)));
  }

  // ---- tensors ----

  struct value {
    std::int32_t id = -1;
    std::int8_t type = s8;
    extents shape{};
  };

  void quantize(file_type::tensor& t, std::int32_t channels = 0, std::int32_t axis = 0) {
    if (t.type == f32 || t.type == boolean || t.type == s64 || c_.one_in(40)) return;
    if (t.type == s32 && !c_.one_in(3)) return;
    const bool each = channels > 0 && channels < 100 && c_.one_in(2);
    for (std::int32_t i = 0; i < (each ? channels : 1); ++i) t.scales.push_back(scale());
    t.axis = c_.one_in(40) ? small() : axis;
    const bool symmetric = each || t.type == s16 || c_.one_in(2);
    const std::int64_t lo = t.type == u8 ? 0 : -128;
    t.zero_points.assign(t.scales.size(),
                         symmetric ? (t.type == u8 ? 128 : 0) : c_.between(lo, lo + 255));
    if (c_.one_in(60)) t.zero_points[0] = std::int64_t{small()} << 20;
  }
  value add(file_type& f, file_type::tensor t) {
    value v{0, t.type, t.shape};
    t.name = "t" + std::to_string(f.tensors.size());
    if (c_.one_in(150)) t.variable = true;
    v.id = f.add(std::move(t));
    return v;
  }
  value input(file_type& f, std::int8_t type, extents d) {
    file_type::tensor t;
    t.type = type, t.shape = std::move(d);
    quantize(t);
    const value v = add(f, std::move(t));
    f.inputs.push_back(v.id);
    return v;
  }
  std::vector<std::uint8_t> bytes(std::int8_t type, const extents& d) {
    const std::size_t n = elements_of(d);
    if (n > 100000) return {1};  // nor may this program run out of memory
    const auto e = elements(c_, dtype_of(type), n);
    std::vector<std::uint8_t> to(e.size());
    if (!e.empty()) std::memcpy(to.data(), e.data(), e.size());
    if (c_.one_in(100)) to.push_back(0);
    return to;
  }
  value constant(file_type& f, std::int8_t type, extents d, std::int32_t channels = 0,
                 std::int32_t axis = 0) {
    file_type::tensor t;
    t.type = type, t.shape = std::move(d);
    t.data = bytes(type, t.shape);
    quantize(t, channels, axis);
    return add(f, std::move(t));
  }
  /// A constant of int32 (one in eight: int64).
  value numbers(file_type& f, const std::vector<std::int64_t>& list, bool scalar = false) {
    file_type::tensor t;
    t.type = c_.one_in(8) ? s64 : s32;
    if (!scalar) t.shape = {static_cast<std::int32_t>(list.size())};
    for (std::int64_t v : list)
      for (int k = 0; k < (t.type == s64 ? 8 : 4); ++k)
        t.data.push_back(static_cast<std::uint8_t>(v >> (8 * k)));
    return add(f, std::move(t));
  }
  /// A value, or one in four a constant.
  value operand(file_type& f, std::int8_t type, extents d) {
    return c_.one_in(4) ? constant(f, type, std::move(d)) : input(f, type, std::move(d));
  }
  /// The last value where its type fits, else a new one.
  value before(file_type& f, std::int8_t type, std::int64_t rank) {
    if (!values_.empty() && !c_.one_in(3)) {
      const value& v = values_.back();
      if (v.type == type &&
          (rank < 0 || static_cast<std::int64_t>(v.shape.size()) == rank || c_.one_in(30)))
        return v;
    }
    return operand(f, type, shape(rank < 0 ? c_.between(0, 5) : rank));
  }
  std::int8_t value_type() {
    static constexpr std::int8_t common[] = {s8, s8, s8, u8, f32, f32, s16},
                                 others[] = {s32, s64, boolean, int4, 1, 10, 13, 5};
    if (!values_.empty() && c_.one_in(2)) return values_.back().type;
    return c_.one_in(8) ? c_.of(others) : c_.of(common);
  }
  std::int8_t bias_type(std::int8_t type) {
    if (c_.one_in(30)) return value_type();
    return type == f32 ? f32 : type == s16 && c_.one_in(2) ? s64 : s32;
  }
  std::int8_t weight_type(std::int8_t type) {
    if (c_.one_in(12)) return c_.one_in(2) ? s8 : int4;  // dynamic range, 4 bits
    return type == s16 ? s8 : type;
  }
  static extents last(const extents& d) { return d.empty() ? extents{} : extents{d.back()}; }

  // ---- operators ----

  /// An operation whose operands are being made up.
  struct draft {
    file_type& f;
    const row& r;
    file_type::operation& o;
    std::int8_t type;  // of most operands
    std::int8_t out_type = type;
    extents out_shape{};
    int outputs = 1;
    void take(const value& v) { o.in.push_back(v.id); }
    bool is(std::string_view name) const {
      return octet::import::tflite_schema::builtin_name(r.code) == name;
    }
  };
  template <class Each> std::vector<std::int64_t> list_of(std::size_t n, Each each) {
    std::vector<std::int64_t> l;
    for (std::size_t i = 0; i < n; ++i)
      l.push_back(c_.one_in(30) ? std::int64_t{small()} : std::int64_t{each(i)});
    return l;
  }
  void same_operands(draft& to) {
    value x;
    to.take(x = before(to.f, to.type, -1));
    to.out_shape = x.shape;
    if (to.is("UNPACK")) to.outputs = static_cast<int>(c_.between(1, 4));
    if (to.is("SHAPE") || to.is("RANK")) to.out_type = s32;
  }
  void pair_operands(draft& to) {
    value x;
    to.take(x = before(to.f, to.type, -1));
    extents d = x.shape;
    if (c_.one_in(3)) d = last(d);
    if (c_.one_in(4))
      for (std::int32_t& e : d)
        if (c_.one_in(2)) e = 1;
    to.take(operand(to.f, c_.one_in(60) ? value_type() : to.type, d));
    if (c_.one_in(2)) std::swap(to.o.in[0], to.o.in[1]);
    to.out_shape = x.shape;
    if (to.r.operands == kind::compare) to.out_type = boolean;
  }
  void choose_operands(draft& to) {
    const value x = before(to.f, to.type, -1);
    to.take(operand(to.f, boolean, c_.one_in(3) ? last(x.shape) : x.shape));
    to.take(x), to.take(operand(to.f, to.type, x.shape));
    to.out_shape = x.shape;
  }
  void reals_operands(draft& to) {
    value x;
    to.take(x = before(to.f, to.type, -1));
    to.out_shape = x.shape;
    to.out_type = to.is("DEQUANTIZE") ? f32 : value_type();
  }
  void conv_operands(draft& to) {
    value x;
    const bool three = to.is("CONV_3D");
    to.take(x = before(to.f, to.type, three ? 5 : 4));
    const std::int32_t in = x.shape.empty() ? 1 : x.shape.back();
    const auto taps = [&] { return static_cast<std::int32_t>(c_.between(1, 3)); };
    extents w{to.r.operands == kind::depthwise ? 1 : extent(), taps(), taps(),
              to.r.operands == kind::depthwise
                  ? in * static_cast<std::int32_t>(c_.between(1, 2))
                  : in / static_cast<std::int32_t>(c_.one_in(6) ? 2 : 1)};
    if (three) w = {taps(), taps(), taps(), in, extent()};
    const std::int32_t axis = to.r.operands == kind::depthwise ? 3 : 0,
                       channels = w[static_cast<std::size_t>(three ? 4 : axis)];
    to.take(constant(to.f, weight_type(to.type), w, channels, axis));
    if (!c_.one_in(4))
      to.take(constant(to.f, bias_type(to.type), {channels}, channels));
    else if (c_.one_in(2))
      to.o.in.push_back(-1);
    to.out_shape = x.shape;
    if (!to.out_shape.empty()) to.out_shape.back() = channels;
  }
  void transposed_operands(draft& to) {
    const value x = before(to.f, to.type, 4);
    const std::int32_t in = x.shape.empty() ? 1 : x.shape.back(), channels = extent();
    extents y = x.shape;
    if (!y.empty()) y.back() = channels;
    std::vector<std::int64_t> wide(y.begin(), y.end());
    for (std::size_t i = 1; i + 1 < wide.size(); ++i) wide[i] = wide[i] * 2 + small();
    to.take(numbers(to.f, wide));
    to.take(constant(to.f, weight_type(to.type), {channels, 3, 2, in}, channels));
    to.take(x);
    if (c_.one_in(2)) to.take(constant(to.f, bias_type(to.type), {channels}, channels));
    to.out_shape = y;
  }
  void connected_operands(draft& to) {
    value x;
    to.take(x = before(to.f, to.type, c_.between(1, 3)));
    const std::int32_t in = x.shape.empty() ? 1 : x.shape.back(), channels = extent();
    const extents w{channels, in};
    to.take(c_.one_in(8) ? operand(to.f, weight_type(to.type), w)
                         : constant(to.f, weight_type(to.type), w, channels));
    if (!c_.one_in(3))
      to.take(constant(to.f, bias_type(to.type), {channels}, channels));
    else if (c_.one_in(2))
      to.o.in.push_back(-1);
    to.out_shape = {x.shape.empty() ? 1 : x.shape[0], channels};
  }
  void product_operands(draft& to) {
    value x;
    to.take(x = before(to.f, to.type, c_.between(2, 4)));
    extents d = x.shape;
    if (d.size() >= 2) d[d.size() - 2] = x.shape.back(), d.back() = extent();
    to.take(operand(to.f, to.type, d));
    to.out_shape = x.shape;
    if (!to.out_shape.empty() && !d.empty()) to.out_shape.back() = d.back();
  }
  void pool_operands(draft& to) {
    value x;
    to.take(x = before(to.f, to.type, 4));
    to.out_shape = x.shape;
  }
  void resize_operands(draft& to) {
    value x;
    to.take(x = before(to.f, to.type, 4));
    to.take(numbers(to.f, {extent(), extent()}));
    to.out_shape = x.shape;
  }
  void axes_operands(draft& to) {
    value x;
    to.take(x = before(to.f, to.type, -1));
    to.take(numbers(to.f, list_of(static_cast<std::size_t>(c_.between(0, 2)),
                                  [&](std::size_t) { return c_.between(-1, 3); })));
    to.out_shape = x.shape;
  }
  void axis_operands(draft& to) {
    value x;
    to.take(x = before(to.f, to.type, -1));
    to.take(numbers(to.f, {small()}, c_.one_in(2)));
    to.out_shape = x.shape;
    if (to.is("ARG_MAX") || to.is("ARG_MIN")) to.out_type = c_.one_in(2) ? s32 : s64;
    to.outputs = to.is("TOPK_V2") ? 2 : 1;
  }
  void list_operands(draft& to) {
    const value x = before(to.f, to.type, -1);
    const std::size_t n = x.shape.size();
    const value l = numbers(to.f, list_of(n, [&](std::size_t i) -> std::int64_t {
                              if (to.is("TRANSPOSE")) return static_cast<std::int64_t>(n - 1 - i);
                              if (to.is("TILE")) return c_.between(1, 2);
                              return x.shape[to.is("RESHAPE") ? n - 1 - i : i];
                            }));
    if (to.is("FILL"))
      to.take(l), to.take(operand(to.f, to.type, {}));
    else
      to.take(x), to.take(l);
    to.out_shape = x.shape;
  }
  void lists_operands(draft& to) {
    value x;
    to.take(x = before(to.f, to.type, -1));
    const std::size_t n = x.shape.size();
    if (to.is("DYNAMIC_UPDATE_SLICE")) {
      to.take(operand(to.f, to.type, x.shape));
      to.take(c_.one_in(2) ? numbers(to.f, list_of(n, [](std::size_t) { return 0; }))
                           : input(to.f, s32, {static_cast<std::int32_t>(n)}));
      to.out_shape = x.shape;
      return;
    }
    const bool open = c_.one_in(8);  // bounds known when it runs
    const auto bounds = [&](auto each) {
      return open ? input(to.f, s32, {static_cast<std::int32_t>(n)})
                  : numbers(to.f, list_of(n, each));
    };
    to.take(bounds([&](std::size_t) { return c_.between(0, 1); }));
    to.take(bounds([&](std::size_t i) {
      return to.is("SLICE") ? (c_.one_in(3) ? -1 : x.shape[i] - 1) : x.shape[i];
    }));
    if (!to.is("SLICE")) to.take(bounds([&](std::size_t) { return c_.between(1, 2); }));
    to.out_shape = x.shape;
  }
  void pads_operands(draft& to) {
    value x;
    to.take(x = before(to.f, to.type, -1));
    const auto n = static_cast<std::int32_t>(x.shape.size());
    file_type::tensor t;
    t.type = s32, t.shape = {n, 2};
    for (std::int32_t i = 0; i < 2 * n; ++i) {
      const std::int32_t v = c_.one_in(2) ? 0 : small();
      for (int k = 0; k < 4; ++k)
        t.data.push_back(static_cast<std::uint8_t>(static_cast<std::uint32_t>(v) >> (8 * k)));
    }
    to.take(add(to.f, std::move(t)));
    if (to.is("PADV2")) to.take(constant(to.f, to.type, {}));
    to.out_shape = x.shape;
  }
  void blocks_operands(draft& to) {
    value x;
    to.take(x = before(to.f, to.type, c_.between(3, 4)));
    const std::size_t n = x.shape.size() < 2 ? 1 : x.shape.size() - 2;
    to.take(numbers(to.f, list_of(n, [&](std::size_t) { return c_.between(1, 2); })));
    file_type::tensor t;
    t.type = s32, t.shape = {static_cast<std::int32_t>(n), 2};
    for (std::size_t i = 0; i < 2 * n; ++i) {
      const std::int32_t v = c_.one_in(2) ? 0 : small();
      for (int k = 0; k < 4; ++k)
        t.data.push_back(static_cast<std::uint8_t>(static_cast<std::uint32_t>(v) >> (8 * k)));
    }
    to.take(add(to.f, std::move(t)));
    to.out_shape = x.shape;
  }
  void many_operands(draft& to) {
    value x;
    to.take(x = before(to.f, to.type, -1));
    for (std::int64_t i = c_.between(0, 3); i > 0; --i)
      to.take(c_.one_in(6) ? x : operand(to.f, to.type, x.shape));
    to.out_shape = x.shape;
  }
  void pieces_operands(draft& to) {
    value x;
    to.take(numbers(to.f, {small()}, c_.one_in(2)));
    to.take(x = before(to.f, to.type, -1));
    to.out_shape = x.shape;
    to.outputs = static_cast<int>(c_.between(1, 3));
  }
  void pieces_of_operands(draft& to) {
    value x;
    to.take(x = before(to.f, to.type, -1));
    to.take(numbers(to.f, list_of(static_cast<std::size_t>(c_.between(1, 3)),
                                  [&](std::size_t) { return c_.between(0, 4); })));
    to.take(numbers(to.f, {small()}, true));
    to.out_shape = x.shape;
    to.outputs = static_cast<int>(c_.between(1, 3));
  }
  void indices_operands(draft& to) {
    const value x = before(to.f, to.type, -1);
    const extents d = shape(c_.between(0, 2));
    const value i = c_.one_in(2) ? input(to.f, s32, d) : numbers(to.f, {small(), small()});
    if (to.is("EMBEDDING_LOOKUP") || to.is("ONE_HOT") || to.is("SCATTER_ND"))
      to.take(i), to.take(x);
    else
      to.take(x), to.take(i);
    if (to.is("ONE_HOT")) {
      to.o.in[1] = numbers(to.f, {small()}, true).id;
      to.take(constant(to.f, to.type, {})), to.take(constant(to.f, to.type, {}));
    }
    if (to.is("SCATTER_ND")) to.take(numbers(to.f, {extent(), extent()}));
    if (to.is("UNSORTED_SEGMENT_SUM") || to.is("UNSORTED_SEGMENT_MAX"))
      to.take(numbers(to.f, {small()}, true));
    to.out_shape = d;
  }
  void numbers_operands(draft& to) {
    for (int i = 0; i < 3; ++i) to.take(numbers(to.f, {i == 2 ? 1 : small()}, true));
    to.out_type = s32, to.out_shape = {extent()};
  }
  void recurrent_operands(draft& to) {
    value x;
    const std::int32_t in = extent(), units = extent();
    const bool lstm = to.is("LSTM") || to.is("UNIDIRECTIONAL_SEQUENCE_LSTM"),
               steps = !to.is("LSTM") && !to.is("RNN") && !to.is("SVDF");
    to.take(x = before(to.f, to.type, steps ? 3 : 2));
    const std::int32_t width = x.shape.empty() ? in : x.shape.back();
    const std::int8_t w = weight_type(to.type);
    if (lstm) {
      for (int i = 0; i < 8; ++i)
        if (c_.one_in(30))
          to.o.in.push_back(-1);
        else
          to.take(constant(to.f, w, {units, i < 4 ? width : units}));
      for (int i = 0; i < 3; ++i)
        if (c_.one_in(10))
          to.take(constant(to.f, to.type == f32 ? f32 : s16, {units}));
        else
          to.o.in.push_back(-1);
      for (int i = 0; i < 4; ++i) to.take(constant(to.f, to.type == f32 ? f32 : s32, {units}));
      to.o.in.push_back(-1), to.o.in.push_back(-1);
      for (int i = 0; i < 2; ++i) {
        file_type::tensor t;
        t.type = i == 0 || to.type == f32 ? to.type : s16;
        t.shape = {x.shape.empty() ? 1 : x.shape[0], units};
        quantize(t);
        t.variable = true;
        to.take(add(to.f, std::move(t)));
      }
      if (c_.one_in(8))
        for (int i = 0; i < 4; ++i) to.take(constant(to.f, to.type == f32 ? f32 : s16, {units}));
    } else {
      to.take(constant(to.f, w, {units, width}));
      to.take(constant(to.f, w, {units, to.is("SVDF") ? 3 : units}));
      to.take(constant(to.f, to.type == f32 ? f32 : s32, {units}));
      file_type::tensor t;
      t.type = to.type,
      t.shape = {x.shape.empty() ? 1 : x.shape[0], to.is("SVDF") ? units * 3 : units};
      quantize(t);
      t.variable = true;
      to.take(add(to.f, std::move(t)));
      for (std::int64_t i = to.is("BIDIRECTIONAL_SEQUENCE_RNN") ? 8 : 0; i > 0; --i)
        if (c_.one_in(2))
          to.o.in.push_back(-1);
        else
          to.take(constant(to.f, w, {units, width}));
    }
    to.out_shape = x.shape;
    if (!to.out_shape.empty()) to.out_shape.back() = units;
  }
  void any_operands(draft& to) {
    value x;
    if (to.is("IF") || c_.one_in(8)) to.take(operand(to.f, boolean, {}));
    for (std::int64_t i = c_.between(0, 5); i > 0; --i)
      to.take(c_.one_in(2) ? before(to.f, value_type(), -1)
                           : numbers(to.f, {small()}, c_.one_in(2)));
    to.out_shape = x.shape;
    to.outputs = static_cast<int>(c_.between(0, 3));
  }
  void operands(draft& to) {
    switch (to.r.operands) {
      case kind::same: return same_operands(to);
      case kind::pair:
      case kind::compare: return pair_operands(to);
      case kind::choose: return choose_operands(to);
      case kind::reals: return reals_operands(to);
      case kind::conv:
      case kind::depthwise: return conv_operands(to);
      case kind::transposed: return transposed_operands(to);
      case kind::connected: return connected_operands(to);
      case kind::product: return product_operands(to);
      case kind::pool: return pool_operands(to);
      case kind::resize: return resize_operands(to);
      case kind::axes: return axes_operands(to);
      case kind::axis: return axis_operands(to);
      case kind::list: return list_operands(to);
      case kind::lists: return lists_operands(to);
      case kind::pads: return pads_operands(to);
      case kind::blocks: return blocks_operands(to);
      case kind::many: return many_operands(to);
      case kind::pieces: return pieces_operands(to);
      case kind::pieces_of: return pieces_of_operands(to);
      case kind::indices: return indices_operands(to);
      case kind::numbers: return numbers_operands(to);
      case kind::recurrent: return recurrent_operands(to);
      case kind::any: return any_operands(to);
    }
  }
  /// Fields of its option table. Small numbers; where floats are wanted, their bits.
  void options(const row& r, file_type::operation& o) {
    const bool window = r.operands == kind::conv || r.operands == kind::depthwise ||
                        r.operands == kind::pool || r.operands == kind::transposed;
    const auto name = octet::import::tflite_schema::builtin_name(r.code);
    const bool real =
        name == "SOFTMAX" || name == "LEAKY_RELU" || name == "LOCAL_RESPONSE_NORMALIZATION";
    for (int i = 0; i < r.options; ++i)
      o.options.push_back(c_.one_in(40) ? small()
                          : real        ? real_bits()
                          : window      ? static_cast<std::int32_t>(c_.between(i == 0 ? 0 : 1, 2))
                                        : static_cast<std::int32_t>(c_.between(0, 1)));
    if (window && !c_.one_in(4)) {  // no activation
      const int at = r.operands == kind::pool ? 5 : r.operands == kind::depthwise ? 4 : 3;
      if (at < r.options) o.options[static_cast<std::size_t>(at)] = small() & 3;
    }
    if (c_.one_in(60)) o.options.clear();
  }
  void operation(file_type& f) {
    const row& r = c_.of(rows());
    file_type::operation o;
    o.code = c_.one_in(200) ? static_cast<std::int32_t>(c_.between(0, 220)) : r.code;
    draft made{.f = f, .r = r, .o = o, .type = value_type()};
    operands(made);
    options(r, o);
    const std::int8_t type = made.out_type;
    const extents& d = made.out_shape;
    const int outputs = made.outputs;
    value v;
    for (int i = 0; i < outputs; ++i) {
      file_type::tensor t;
      t.type = i == 1 && outputs == 2 ? s32 : type;
      t.shape = c_.one_in(100) ? shape(3) : d;
      quantize(t);
      // What only moves values keeps the quantization.
      if (!o.in.empty() && o.in[0] >= 0 && !c_.one_in(4)) {
        const auto& from = f.tensors[static_cast<std::size_t>(o.in[0])];
        if (from.type == t.type) t.scales = from.scales, t.zero_points = from.zero_points;
      }
      v = add(f, std::move(t));
      o.out.push_back(v.id);
    }
    if (c_.one_in(150) && !o.out.empty()) o.out[0] = o.in.empty() ? small() : o.in[0];
    if (c_.one_in(150) && !o.in.empty()) o.in[0] = small() - 1;
    f.operations.push_back(std::move(o));
    if (v.id >= 0) values_.push_back(v);
  }
  /// `like`: its inputs, where another subgraph runs it.
  file_type subgraph(std::int64_t operators, const shape_list& like) {
    file_type f;
    values_.clear();
    for (const extents& d : like) values_.push_back(input(f, s8, d));
    for (std::int64_t i = 0; i < operators; ++i) operation(f);
    first_inputs_.clear();
    for (std::int32_t t : f.inputs)
      first_inputs_.push_back(f.tensors[static_cast<std::size_t>(t)].shape);
    for (const value& v : values_)
      if (c_.one_in(2) || &v == &values_.back()) f.outputs.push_back(v.id);
    if (c_.one_in(200)) f.outputs.push_back(small());
    return f;
  }

  choices& c_;
  std::vector<value> values_;  // what the operators of a subgraph have given so far
  shape_list first_inputs_;
};

}  // namespace octet_fuzz

#endif  // OCTET_TESTS_FUZZ_GENERATED_TFLITE_HPP_
