// Every node that a loader emits has the rounding, the bounds of its fused activation, the
// accumulator and its scales that the functions of laws/ give for it, as seen from the IR alone:
// every file that models_test.cpp runs.
//
// What the IR does not say, the queries here take from elsewhere:
//  - TFLite's quantized_dimension of weights with one scale, and whether they have 4 bits: read
//    from the file again;
//  - TFLite's asymmetric_quantize_inputs of dynamic fully connected layers: the emitted node's own;
//  - PyTorch's memory formats: from `tensor::format` of the value and what views do to it;
//  - the order of axes of a PyTorch mean: both are tried;
//  - what XNNPACK leaves to TFLite's own kernels, which the file decides: both are tried;
//  - the numbers of PyTorch's clamp and hardtanh: not checked, they are the program's.
#include <catch2/catch.hpp>
#include <set>

#include "models.hpp"
#include "octet/import/tflite/builtin_operators.hpp"
#include "octet/import/tflite/schema.hpp"
#include "octet/laws/dynamic.hpp"
#include "octet/laws/layers.hpp"
#include "octet/laws/recurrent.hpp"
#include "octet/laws/tflite.hpp"
#include "octet/ops/by_law.hpp"
#include "octet/ops/list.hpp"
#include "skip.hpp"

namespace {

namespace laws = octet::laws;
using octet::dtype;
using octet::no_tensor;
using octet::tensor_id;

/// Differences by kind, and what was looked at.
struct findings {
  std::map<std::string, int> differences;
  std::map<std::string, std::string> first;  // file of each kind
  std::size_t nodes = 0, rounding = 0, bounds = 0, program_bounds = 0, accumulators = 0,
              dynamic = 0, files = 0;
};

/// What the file says of a tensor and the IR does not.
struct file_tensor {
  std::int32_t axis = 0;  // quantized_dimension
  bool int4 = false;
  bool no_int64_bias = false;  // weights of a layer without bias: one of int64 is not spoken of
};
std::vector<file_tensor> file_tensors(const octet_test::model_row& row) {
  std::vector<file_tensor> axes;
  if (row.format != "tflite") return axes;
  const auto file = octet::import::read_file((row.folder / row.model).string());
  if (!file) return axes;
  namespace schema = octet::import::tflite_schema;
  const auto* model = flatbuffers::GetRoot<schema::model_table>(file->bytes.data());
  const auto* graph = model->subgraphs()->Get(0);
  for (const auto* t : *graph->tensors())
    axes.push_back({t->quantization() ? t->quantization()->axis() : 0,
                    t->type() == schema::tensor_type::int4});
  for (const auto* n : *graph->operators()) {
    if (model->codes()->Get(n->code_index())->code() != schema::builtin_code("FULLY_CONNECTED"))
      continue;
    const auto& in = *n->inputs();
    if (in.size() > 2 && in.Get(2) >= 0) continue;
    constexpr flatbuffers::voffset_t bias_type = 12;  // the fifth field
    const auto* o = n->options();
    axes[static_cast<std::size_t>(in.Get(1))].no_int64_bias =
        o == nullptr || o->GetField<std::int8_t>(bias_type, 0) !=
                            static_cast<std::int8_t>(schema::tensor_type::int64);
  }
  return axes;
}

class checker {
 public:
  checker(const octet::graph& graph, std::vector<file_tensor> axes, std::string file,
          findings& into)
      : g_(graph), axes_(std::move(axes)), file_(std::move(file)), to_(into) {
    for (std::size_t i = 0; i < g_.nodes.size(); ++i) {
      for (tensor_id t : g_.nodes[i].out) producer_[t] = &g_.nodes[i];
      for (tensor_id t : g_.nodes[i].in) readers_[t].push_back(&g_.nodes[i]);
    }
  }
  void run() {
    for (const octet::node& n : g_.nodes) {
      ++to_.nodes;
      // A layer of blocks is one node, whose rows are always quantized by XNNPACK.
      if (n.in.size() > 1 && producer(n.in[0]) &&
          producer(n.in[0])->op == &octet::ops::dynamic_quantize &&
          n.op != &octet::ops::blockwise_fully_connected)
        n.op == &octet::ops::dynamic_transpose_conv2d ? images(n) : dynamic(n);
      else if (accumulates(n))
        accumulator(n);
      else if (n.op == &octet::ops::requantize && sums_of(n.in[0]) != nullptr)
        continue;  // with its accumulator
      else if (n.op != &octet::ops::dynamic_quantize && n.op != &octet::ops::dynamic_dequantize &&
               n.op != &octet::ops::dynamic_quantize_linear)
        plain(n);
    }
  }

 private:
  const octet::node* producer(tensor_id t) const {
    const auto at = producer_.find(t);
    return at == producer_.end() ? nullptr : at->second;
  }
  bool accumulates(const octet::node& n) const {
    const dtype y = g_[n.out[0]].type;
    return n.op->accumulates && n.round == octet::rounding::none &&
           (y == dtype::s32 || y == dtype::s64);
  }
  /// Adds int32 numbers to a layer's sums, or sees them under another scale: a bias of ONNX's Gemm
  /// that is not one of columns.
  bool adds_bias(const octet::node& n) const {
    return (n.op == &octet::ops::add || n.op == &octet::ops::reshape) &&
           g_[n.in[0]].type == dtype::s32 && g_[n.in[0]].shape == g_[n.out[0]].shape;
  }
  /// The layer whose sums a value is; null: it is none.
  const octet::node* sums_of(tensor_id t) const {
    const octet::node* by = producer(t);
    while (by != nullptr && adds_bias(*by)) by = producer(by->in[0]);
    return by != nullptr && accumulates(*by) ? by : nullptr;
  }
  /// The only node that reads a layer's sums; null: there are others, or none.
  const octet::node* reader_of_sums(tensor_id t) const {
    for (;;) {
      const auto at = readers_.find(t);
      if (at == readers_.end() || at->second.size() != 1) return nullptr;
      const octet::node* by = at->second[0];
      if (!adds_bias(*by) || by->in[0] != t) return by;
      t = by->out[0];
    }
  }
  void differs(const octet::node& n, const std::string& what) {
    std::string types;
    for (tensor_id t : n.in)
      types += t == no_tensor ? " none" : " " + std::string(name_of(g_[t].type));
    const std::string kind =
        std::string(name_of(g_.arithmetic)) + " " + std::string(n.op->name) + types + ": " + what;
    if (++to_.differences[kind] == 1) to_.first[kind] = file_ + " " + n.name;
  }
  template <class T> void same(const octet::node& n, const char* what, T loader, T law) {
    if (!(loader == law))
      differs(n, std::string(what) + " " + Catch::Detail::stringify(loader) + ", law " +
                     Catch::Detail::stringify(law));
  }
  void same_rounding(const octet::node& n, octet::rounding loader, const laws::decision& law) {
    if (!law.known) return differs(n, "the law has no such operator");
    same(n, "rounding", std::string(name_of(loader)), std::string(name_of(law.round)));
    to_.rounding += loader != octet::rounding::none;
  }

  // ---- what the framework knows ----

  /// The value's own memory, behind the changes of layout that the loader put before a kernel.
  tensor_id memory_of(tensor_id t) const {
    while (g_[t].format == octet::memory_format::unspecified) {
      const octet::node* by = producer(t);
      if (!by || (by->op != &octet::ops::transpose && by->op != &octet::ops::reshape)) break;
      t = by->in[0];
    }
    return t;
  }
  /// A slice has the strides of the whole: dense only where nothing lies outside the sliced axis.
  bool dense(tensor_id t) const {
    const octet::node* by = producer(t);
    if (!by || by->op != &octet::ops::slice) return true;
    const octet::dims whole = g_[by->in[0]].shape, piece = g_[t].shape;
    for (int i = 0; i < whole.rank && whole[i] == piece[i]; ++i)
      if (whole[i] != 1) return false;
    return dense(by->in[0]);
  }
  laws::framework_facts framework(const octet::node& n, bool channels_inner) const {
    laws::framework_facts f;
    if (n.in.size() > 1 && n.in[1] != no_tensor && static_cast<std::size_t>(n.in[1]) < axes_.size())
      f.weights_axis = axes_[static_cast<std::size_t>(n.in[1])].axis,
      f.int4_weights = axes_[static_cast<std::size_t>(n.in[1])].int4,
      f.no_int64_bias = axes_[static_cast<std::size_t>(n.in[1])].no_int64_bias;
    if (n.op == &octet::ops::transpose_conv2d) {  // SAME: the extents times the stride
      const octet::dims &x = g_[n.in[0]].shape, &w = g_[n.in[1]].shape, &y = g_[n.out[0]].shape;
      const std::int64_t down = n.attrs.integer("stride_h", 1),
                         right = n.attrs.integer("stride_w", 1);
      f.kernel_below_stride =
          y[1] == x[1] * down && y[2] == x[2] * right && (w[1] < down || w[2] < right);
    }
    // TFLite's int16 sums by shifts: one operand is requantized in front of the sum.
    if (n.name.starts_with("ADD #") || n.name.starts_with("SUB #")) {
      f.by_shifts = n.op == &octet::ops::requantize;
      for (const tensor_id t : n.in)
        if (const octet::node* by = t == no_tensor ? nullptr : producer(t))
          f.by_shifts = f.by_shifts || (by->op == &octet::ops::requantize && by->name == n.name);
    }
    if (!laws::is_pytorch(g_.arithmetic) || n.in.empty()) return f;
    // An operand of fewer axes gets leading ones in front of the sum.
    if (n.op == &octet::ops::qnn_add)
      for (const tensor_id t : n.in)
        for (const octet::node* by = producer(t); by != nullptr && by->name == n.name;
             by = producer(by->in[0]))
          f.ranks_differ = f.ranks_differ || by->op == &octet::ops::reshape;
    const tensor_id memory = memory_of(n.in[0]);
    const octet::dims& x = g_[n.in[0]].shape;
    f.channels_inner = channels_inner;
    // How the program wrote a mean's axes: the node does not keep it.
    f.axes_two_three = n.op != &octet::ops::qnn_mean || n.round == octet::rounding::qnnpack;
    // The result of a conv1d lies as the image of height 1 that it was computed as.
    tensor_id image = n.in[0];
    const octet::node* by = producer(image);
    while (by != nullptr && (by->op == &octet::ops::transpose || by->op == &octet::ops::reshape))
      image = by->in[0], by = producer(image);
    if (by != nullptr && by->op == &octet::ops::requantize) by = producer(by->in[0]);
    const octet::dims& pixels = g_[image].shape;
    const bool of_conv1d = x.rank == 3 && pixels.rank == 4 && pixels[1] == 1 && by != nullptr &&
                           by->op == &octet::ops::conv2d;
    const bool packed = dense(memory) && !of_conv1d,
               last = g_[memory].format == octet::memory_format::channels_last;
    // Images and volumes: one channel, or one element of each.
    const bool has_channels_last = x.rank == 4 || x.rank == 5;
    const std::int64_t channels = x.rank == 0 ? 1 : channels_inner ? x.back(0) : x[1 % x.rank];
    const bool both =
        has_channels_last &&
        (channels == 1 || static_cast<std::int64_t>(x.elements().value) == channels * x[0]);
    f.channels_last = has_channels_last && packed && (last || both);
    f.contiguous = packed && (!last || both);
    return f;
  }

  // ---- what XNNPACK leaves ----

  /// How TFLite's own kernels compute a node of 8 bits that its default interpreter keeps from
  /// XNNPACK; the exp of ONNX Runtime's RNN.
  std::optional<laws::decision> left(const octet::node& n) const {
    if (g_.arithmetic == octet::law::onnxruntime && n.op == &octet::ops::exp &&
        n.name.starts_with("RNN"))
      return laws::exp_of_rnn();
    if (!laws::has_xnnpack(g_.arithmetic) || n.in.empty()) return {};
    if (n.op == &octet::ops::float_transpose_conv2d)
      return laws::optimized_float_transpose_conv2d();
    if (!is_8bit(g_[n.in[0]].type)) return {};
    const dtype x = g_[n.in[0]].type;
    if (n.op == &octet::ops::conv2d)
      return laws::optimized_conv2d(x, n.attrs.integer("groups", 1) != 1);
    if (n.op == &octet::ops::fully_connected)
      return laws::optimized_fully_connected(g_[n.in[1]].scales.size() > 1);
    // Over no axis: over one that was made for it.
    const bool mean = n.op == &octet::ops::qnn_mean;
    const octet::node* const by = producer(n.in[0]);
    if ((mean || n.op == &octet::ops::qnn_sum) && by != nullptr && by->name == n.name)
      return laws::reduction_over_no_axis(g_.arithmetic, mean);
    if (in_blocks(n)) {
      laws::decision d(octet::rounding::doubling_high_half_up);
      d.f32_product = x == dtype::u8;
      return d;
    }
    if (n.op == &octet::ops::qnn_add || n.op == &octet::ops::qnn_sub ||
        n.op == &octet::ops::qnn_mul || n.op == &octet::ops::requantize)
      return octet::rounding::doubling_high_half_away;
    return {};
  }
  /// Rounded up in whole blocks, half away behind them.
  static bool in_blocks(const octet::node& n) {
    return n.op == &octet::ops::depthwise_conv2d || n.op == &octet::ops::transpose_conv2d;
  }
  /// A part of such a layer's sums.
  bool part_of_layer(const octet::node& n) const {
    if (!laws::has_xnnpack(g_.arithmetic) || n.op != &octet::ops::requantize) return false;
    const octet::node* by = producer(n.in[0]);
    while (by != nullptr && (by->op == &octet::ops::slice || by->op == &octet::ops::reshape))
      by = producer(by->in[0]);
    return by != nullptr && accumulates(*by) && in_blocks(*by);
  }
  static bool rounds_block(octet::rounding r) {
    return r == octet::rounding::doubling_high_half_up ||
           r == octet::rounding::doubling_high_half_away;
  }

  // ---- nodes ----

  laws::decision decide(const octet::node& n, bool channels_inner) const {
    const octet::node_inputs in(g_, n);
    return octet::decide(*n.op, g_.arithmetic, in.view(), framework(n, channels_inner));
  }
  void plain(const octet::node& n) {
    const int rank = g_[n.in.empty() ? n.out[0] : n.in[0]].shape.rank;
    laws::decision d = decide(n, rank == 4 || rank == 5);
    if ((n.op == &octet::ops::qnn_mean || n.op == &octet::ops::mean) && d.round != n.round)
      d = decide(n, false);
    if (part_of_layer(n) && rounds_block(n.round)) d.round = n.round;
    if (const auto other = left(n); other && d.round != n.round) d = *other;
    same_rounding(n, n.round, d);
    bounds(n, n, d.by);
  }
  void bounds(const octet::node& n, const octet::node& writer, laws::library by) {
    if (!writer.attrs.find("clamp_lo") && !writer.attrs.find("clamp_hi")) return;
    for (const char* number : {"clamp", "hardtanh", "mul_scalar"})
      if (writer.name.find(number) != std::string::npos)
        return static_cast<void>(++to_.program_bounds);
    const octet::tensor_desc y = g_[writer.out[0]].desc();
    const laws::clamp_bounds loader{writer.attrs.integer("clamp_lo", lowest_of(y.type)),
                                    writer.attrs.integer("clamp_hi", highest_of(y.type))};
    ++to_.bounds;
    for (auto a : {octet::activation::relu, octet::activation::relu6,
                   octet::activation::relu_n1_to_1, octet::activation::relu_0_to_1})
      if (laws::activation_bounds(by, a, y.type, y.scale(), y.zero_point()) == loader) return;
    differs(n, "bounds " + std::to_string(loader.lo) + ".." + std::to_string(loader.hi));
  }
  /// Scales of the accumulators of a layer that `d` was decided for.
  void accumulator_scales(const octet::node& n, const laws::decision& d) {
    const octet::tensor& acc = g_[n.out[0]];
    const octet::tensor_desc x = g_[n.in[0]].desc(), w = g_[n.in[1]].desc();
    for (std::size_t c = 0; c < w.scales.size(); ++c)
      same(n, "accumulator scale", c < acc.scales.size() ? acc.scales[c] : 0,
           laws::accumulator_scale(d, x.scale(), w.scale(c)));
  }
  void accumulator(const octet::node& n) {
    const tensor_id acc = n.out[0];
    const octet::node* const reader = reader_of_sums(acc);
    // MXNet rounds after a sum has joined, and gives some layers' results as floats. ONNX's
    // MatMulInteger and ConvInteger are sums, QGemm without a scale of its result gives floats.
    const bool rounds = reader != nullptr && reader->op == &octet::ops::requantize;
    // oneDNN's layers with something behind them round their float results once.
    const bool floats = octet::laws::is_pytorch(g_.arithmetic) && reader != nullptr &&
                        reader->op == &octet::ops::dequantize;
    if ((g_.arithmetic == octet::law::onnxruntime && !rounds) || floats)
      return accumulator_scales(n, decide(n, true));
    if (g_.arithmetic == octet::law::mxnet && reader != nullptr &&
        (reader->op == &octet::ops::requantize_add || reader->op == &octet::ops::dequantize))
      return;
    const auto other = left(n);
    if (!rounds && other && in_blocks(n)) return accumulator_scales(n, *other);
    if (!rounds) return differs(n, "accumulators that are not requantized");
    const octet::node& r = *reader;
    octet::node whole = n;  // as one node, which fusing would make of the two
    whole.out = r.out;
    const octet::node_inputs in(g_, whole);
    const laws::facts f = octet::facts_of(g_.arithmetic, in.view(), framework(n, true));
    laws::decision d = n.op->decide(f);
    if (other && (d.round != r.round || d.f32_product != (n.attrs.integer("f32_product") != 0))) {
      d = *other;
      if (in_blocks(n) && rounds_block(r.round)) d.round = r.round;
    }
    same_rounding(n, r.round, d);
    bounds(n, r, d.by);
    same(n, "accumulator", std::string(name_of(g_[acc].type)),
         std::string(name_of(laws::accumulator_type(f.x.type, f.int32_bias))));
    same(n, "f32_product", n.attrs.integer("f32_product") != 0, d.f32_product);
    accumulator_scales(n, d);
    ++to_.accumulators;
  }
  void dynamic(const octet::node& n) {
    const octet::node &q = *producer(n.in[0]), &back = *readers_[n.out[0]].at(0);
    const octet::dims &x = g_[n.in[0]].shape, &w = g_[n.in[1]].shape;
    laws::dynamic_facts f;
    f.arithmetic = g_.arithmetic;
    f.per_channel = g_[n.out[0]].scales.size() > 1;
    f.asks_zero_point = q.attrs.integer("asymmetric") != 0;
    f.int4_weights = framework(n, false).int4_weights;
    for (std::int32_t z : g_[n.in[1]].zero_points)
      if (z != 0) f.largest_weight = 255;
    const bool matrices = n.op == &octet::ops::qnn_batch_matmul;
    if (matrices || n.op == &octet::ops::fully_connected) {
      f.layer = laws::dynamic_layer::fully_connected;
      f.products = matrices ? x.back(0) : w[1];
      f.vectors = static_cast<std::int64_t>(x.elements().value) / f.products;
    } else {
      const bool depthwise = n.op == &octet::ops::depthwise_conv2d;
      f.layer = depthwise ? laws::dynamic_layer::depthwise_conv2d : laws::dynamic_layer::conv2d;
      f.images = x[0], f.vectors = std::int64_t{x[0]} * x[1] * x[2];
      f.products = std::int64_t{w[1]} * w[2] * (depthwise ? 1 : w[3]);
      f.pointwise = w[1] == 1 && w[2] == 1 && n.attrs.integer("stride_h", 1) == 1 &&
                    n.attrs.integer("stride_w", 1) == 1 && n.attrs.integer("groups", 1) == 1;
    }
    laws::dynamic_decision d = laws::dynamic(f);
    if (laws::has_xnnpack(f.arithmetic) && d.quantize.round != q.round) {
      f.arithmetic = octet::law::tflite_ref;  // which its own kernels have, left to them
      d = laws::dynamic(f);
    }
    same_rounding(q, q.round, d.quantize);
    same_rounding(back, back.round, d.dequantize);
    same(q, "asymmetric", q.attrs.integer("asymmetric") != 0, d.asymmetric);
    same(q, "rows", q.attrs.integer("rows", 1), d.rows);
    same(back, "scales_first", back.attrs.integer("scales_first") != 0, d.scales_first);
    same(back, "tail_row_first", back.attrs.integer("tail_row_first") != 0, d.tail_row_first);
    same(n, "accumulator", std::string(name_of(g_[n.out[0]].type)),
         std::string(name_of(d.accumulator)));
    ++to_.dynamic;
  }

  /// Images of a transposed convolution that brings every product to floats by itself.
  void images(const octet::node& n) {
    const octet::node& q = *producer(n.in[0]);
    laws::facts f;
    f.arithmetic = g_.arithmetic;
    f.framework.int4_weights = true;  // XNNPACK leaves it
    same_rounding(q, q.round, laws::dynamic_quantize(f));
    same(q, "asymmetric", q.attrs.integer("asymmetric") != 0, true);
    same(q, "rows", q.attrs.integer("rows", 1), std::int64_t{g_[n.in[0]].shape[0]});
    ++to_.dynamic;
  }

  const octet::graph& g_;
  std::vector<file_tensor> axes_;
  std::string file_;
  findings& to_;
  std::map<tensor_id, const octet::node*> producer_;
  std::map<tensor_id, std::vector<const octet::node*>> readers_;
};

void check_files(findings& to) {
  std::set<std::string> seen;
  for (const auto& row : octet_test::all_rows(OCTET_SOURCE_DIR, OCTET_MODELS)) {
    if (!octet_test::has_loader(row.format) || !seen.insert(row.law + row.key).second) continue;
    const auto g = octet_test::load(row);
    if (!g) continue;  // models_test.cpp knows which
    ++to.files;
    checker(*g, file_tensors(row), row.key, to).run();
  }
}

}  // namespace

TEST_CASE("every node of a loaded file is what its law says", "[laws]") {
  findings f;
  check_files(f);
  REQUIRE(f.files > 0);
  if (!std::filesystem::exists(std::filesystem::path(OCTET_MODELS) / "MANIFEST.json"))
    std::printf("SKIPPED the shared models: OCTET_MODELS is absent\n");
  std::printf(
      "%zu files, %zu nodes: %zu roundings, %zu bounds (%zu more of the program's own), %zu "
      "accumulators, %zu dynamic layers\n",
      f.files, f.nodes, f.rounding, f.bounds, f.program_bounds, f.accumulators, f.dynamic);
  for (const auto& [kind, count] : f.differences)
    UNSCOPED_INFO(count << " times: " << kind << " (" << f.first[kind] << ")");
  CHECK(f.differences.empty());
  CHECK(f.rounding > 1000);
  CHECK(f.bounds > 100);
  CHECK(f.accumulators > 400);
  CHECK(f.dynamic > 0);
}
