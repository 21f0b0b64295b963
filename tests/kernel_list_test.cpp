// octet info --kernels: every kernel that an operator declares is one on every SIMD target, and the
// forms that networks spend their time in run no reference there.
#include "kernel_list.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "octet/bench/made_up.hpp"
#include "octet/kernels/target.hpp"

using namespace octet;

TEST_CASE("every listed kernel is one on every SIMD target of this CPU") {
  const auto rows = tools::kernel_rows();
  std::set<target> targets;
  for (const auto& r : rows) {
    targets.insert(r.on);
    CAPTURE(r.node, name_of(r.type), name_of(r.out), name_of(r.on), r.roundings);
    if (r.id == kernel_id::none) CHECK(r.kernel == "reference");
  }
  if (best_target() == target::reference) return;
  CHECK(targets.count(best_target()) == 1);

  const auto has = [&](const std::string& node, dtype t, target on) {
    return std::any_of(rows.begin(), rows.end(), [&](const auto& r) {
      return r.node == node && r.type == t && r.on == on && r.kernel != "reference";
    });
  };
  for (const op_def* op : tools::operator_list())
    if (op->kernel != kernel_id::none)
      for (const target on : targets) {
        CAPTURE(op->name, name_of(on));
        CHECK(std::any_of(rows.begin(), rows.end(), [&](const auto& r) {
          return r.node.starts_with(op->name) && r.on == on && r.kernel != "reference";
        }));
      }
  for (const char* node :
       {"qnn.conv2d 1x1", "qnn.conv2d 3x3", "qnn.depthwise_conv2d 3x3", "qnn.depthwise_conv2d 5x5",
        "qnn.fully_connected", "qnn.requantize", "qnn.add", "qnn.mul", "qnn.avg_pool2d 2x2",
        "qnn.max_pool2d 2x2", "qnn.dequantize", "qnn.softmax"})
    for (const dtype t : {dtype::s8, dtype::u8})
      for (const target on : targets) {
        CAPTURE(node, name_of(t), name_of(on));
        CHECK(has(node, t, on));
      }
  for (const target on : targets) CHECK(has("qnn.quantize", dtype::f32, on));
}

TEST_CASE("every form of every operator can be made up for a benchmark") {
  octet::bench::node_options small;
  small.image = {1, 4, 4, 8};
  for (const op_def* op : tools::operator_list())
    for (const octet::bench::choice& c : octet::bench::choices_of(*op)) {
      CAPTURE(op->name, name_of(c.x()), name_of(c.y()), name_of(c.round), c.in.size());
      const auto g = octet::bench::make_node(c, small);
      if (!g) {
        FAIL_CHECK(g.error().message());
        continue;
      }
      const node_inputs v(*g, g->nodes[0]);
      plan_memory memory;
      prepared p;
      p.memory = &memory;
      if (const auto s = prepare_node(*op, v.view(), p); !s) FAIL_CHECK(s.error().message());
    }
}

TEST_CASE("a law's usual types and rounding are found for a benchmark") {
  const auto made = [](std::string_view name, law l, std::vector<dtype> in = {}) {
    octet::bench::node_options small;
    small.image = {1, 4, 4, 8};
    const auto g = octet::bench::make_node(name, {std::move(in), {}, l, {}}, small);
    CAPTURE(name, name_of(l));
    if (!g) return g.error().message();
    const node& n = g->nodes[0];
    std::string text(n.op->name);
    for (const tensor_id t : n.in) text += " " + std::string(name_of((*g)[t].type));
    return text + " " + std::string(name_of(n.round));
  };
  CHECK(made("conv2d", law::tflite_ref) == "qnn.conv2d int8 int8 int32 DR");
  CHECK(made("conv2d", law::tflite_xnnpack) == "qnn.conv2d int8 int8 int32 F");
  CHECK(made("conv2d", law::tflite_ref, {dtype::s16}) == "qnn.conv2d int16 int8 int64 I64");
  CHECK(made("conv2d", law::tflite_ref, {dtype::f32}).rfind("conv2d float32 float32", 0) == 0);
  CHECK(made("conv2d", law::pytorch_fbgemm).rfind("qnn.conv2d uint8 int8 float32", 0) == 0);
  CHECK(made("transpose", law::onnxruntime) == "transpose uint8 none");
  CHECK(made("nothing", law::tflite_ref).find("operator (found nothing") != std::string::npos);
  CHECK(made("conv2d", law::tflite_ref, {dtype::f64}).find("found float64") != std::string::npos);
}

namespace {
/// Forms of operators with a kernel that run the reference all the same, and why.
struct exception {
  std::string_view node;  // as rows begin
  dtype in, out;
  const char* why;
};
constexpr const char *biases = "int32 with a scale: biases, computed when a file is loaded",
                     *no_framework = "no framework rounds its int16 operator so",
                     *integers = "plain integers: shapes and indices";
constexpr exception exceptions[] = {
    {"qnn.conv2d", dtype::s8, dtype::s32, biases},
    {"qnn.depthwise_conv2d", dtype::s8, dtype::s32, biases},
    {"qnn.fully_connected", dtype::s8, dtype::s32, biases},
    {"qnn.transpose_conv2d", dtype::s8, dtype::s32, biases},
    {"qnn.batch_matmul", dtype::s8, dtype::s32, biases},
    {"qnn.conv2d", dtype::u8, dtype::s32, biases},
    {"qnn.depthwise_conv2d", dtype::u8, dtype::s32, biases},
    {"qnn.fully_connected", dtype::u8, dtype::s32, biases},
    {"qnn.transpose_conv2d", dtype::u8, dtype::s32, biases},
    {"qnn.batch_matmul", dtype::u8, dtype::s32, biases},
    {"qnn.conv2d", dtype::s16, dtype::s32, biases},
    {"qnn.depthwise_conv2d", dtype::s16, dtype::s32, biases},
    {"qnn.fully_connected", dtype::s16, dtype::s32, biases},
    {"qnn.transpose_conv2d", dtype::s16, dtype::s32, biases},
    {"qnn.batch_matmul", dtype::s16, dtype::s32, biases},
    {"qnn.batch_matmul", dtype::s16, dtype::s16, "DR and RU of sums beyond int32"},
    {"qnn.batch_matmul", dtype::s16, dtype::s8, "DR and RU of sums beyond int32"},
    {"qnn.batch_matmul", dtype::s16, dtype::u8, "DR and RU of sums beyond int32"},
    {"qnn.requantize", dtype::s8, dtype::s32, biases},
    {"qnn.requantize", dtype::u8, dtype::s32, biases},
    {"qnn.requantize", dtype::s16, dtype::s32, biases},
    {"qnn.requantize", dtype::s32, dtype::s32, biases},
    {"qnn.requantize", dtype::s16, dtype::s16, "I64 and D64, which layers round by when fused"},
    {"qnn.requantize", dtype::s16, dtype::s8, "I64 and D64, which layers round by when fused"},
    {"qnn.requantize", dtype::s16, dtype::u8, "I64 and D64, which layers round by when fused"},
    {"qnn.requantize", dtype::s32, dtype::s16, "I64 and D64, which layers round by when fused"},
    {"qnn.requantize", dtype::s32, dtype::s8, "I64 and D64, which layers round by when fused"},
    {"qnn.requantize", dtype::s32, dtype::u8, "I64 and D64, which layers round by when fused"},
    {"qnn.requantize", dtype::s8, dtype::s16, "I64 and D64, which layers round by when fused"},
    {"qnn.requantize", dtype::s8, dtype::s8, "I64 and D64, which layers round by when fused"},
    {"qnn.requantize", dtype::s8, dtype::u8, "I64 and D64, which layers round by when fused"},
    {"qnn.requantize", dtype::u8, dtype::s16, "I64 and D64, which layers round by when fused"},
    {"qnn.requantize", dtype::u8, dtype::s8, "I64 and D64, which layers round by when fused"},
    {"qnn.requantize", dtype::u8, dtype::u8, "I64 and D64, which layers round by when fused"},
    {"qnn.quantize", dtype::f32, dtype::s32, biases},
    {"qnn.dequantize", dtype::s32, dtype::f32, biases},
    {"qnn.add", dtype::s8, dtype::s32, "MXNet's sum of int32, rounded by what follows"},
    {"qnn.add", dtype::u8, dtype::s32, "MXNet's sum of int32, rounded by what follows"},
    {"mean", dtype::f32, dtype::f32, "MXNet's and ONNX Runtime's sums have orders of their own"},
    {"sum", dtype::f32, dtype::f32, "MXNet's and ONNX Runtime's sums have orders of their own"},
    {"sin", dtype::f32, dtype::f32, "ONNX Runtime's, of elements by their places"},
    {"cos", dtype::f32, dtype::f32, "ONNX Runtime's, of elements by their places"},
};
/// Types of no activation: shapes, indices, truth, what a file stores floats as.
bool is_rare(dtype t) {
  return t == dtype::u16 || t == dtype::u32 || t == dtype::s64 || t == dtype::u64 ||
         t == dtype::boolean || t == dtype::f16 || t == dtype::f64;
}
const char* reason_of(const tools::kernel_row& r) {
  if (is_rare(r.type) || is_rare(r.out)) return "a type that activations do not have";
  const bool plain = !r.node.starts_with("qnn.");
  if (plain && r.node.starts_with("arg_")) return integers;
  if (plain && (r.type == dtype::s32 || r.type == dtype::s16 || is_8bit(r.type))) return integers;
  if (r.id == kernel_id::lut8 && r.type == dtype::s16) return no_framework;
  for (const exception& e : exceptions)
    if ((r.node == e.node || r.node.starts_with(std::string(e.node) + " ")) && r.type == e.in &&
        r.out == e.out)
      return e.why;
  return nullptr;
}
}  // namespace

namespace {
/// Operators that have no kernel, and why.
struct without_kernel {
  std::string_view name;
  const char* why;
};
constexpr const char *copies = "copies runs of bytes by memcpy, whatever the target",
                     *nothing = "moves no bytes, or all of them in one run",
                     *by_index =
                         "each element's place is another element: memory decides, not "
                         "arithmetic",
                     *shapes = "plain integers and floats of shapes and indices, a few elements",
                     *chained = "each value hangs on the one before";
constexpr without_kernel without_kernels[] = {
    {"reshape", nothing},
    {"squeeze", nothing},
    {"expand_dims", nothing},
    {"identity", nothing},
    {"qnn.pad", copies},
    {"pad", copies},
    {"mirror_pad", copies},
    {"qnn.concat", copies},
    {"concat", copies},
    {"pack", copies},
    {"slice", copies},
    {"strided_slice", copies},
    {"tile", copies},
    {"reverse", copies},
    {"broadcast_to", copies},
    {"space_to_depth", copies},
    {"depth_to_space", copies},
    {"space_to_batch", copies},
    {"batch_to_space", copies},
    {"split", copies},
    {"unpack", copies},
    {"dynamic_slice", copies},
    {"dynamic_update_slice", copies},
    {"reverse_sequence", copies},
    {"matrix_set_diag", copies},
    {"resize_nearest", copies},
    {"gather", by_index},
    {"gather_nd", by_index},
    {"one_hot", by_index},
    {"scatter_nd", by_index},
    {"sparse_to_dense", by_index},
    {"segment_reduce", by_index},
    {"bucketize", by_index},
    {"floor_div", shapes},
    {"floor_mod", shapes},
    {"bitwise_xor", shapes},
    {"right_shift", shapes},
    {"non_max_suppression", chained},
    {"detection_postprocess", chained},
    {"pose_decode", chained},
    {"pose_masks", "each cell follows offsets from place to place: gathers, not vectorised"},
    {"topk", chained},
    {"qnn.reduce_prod", "each product is rounded before the next one"},
    {"qnn.div", "TFLite's reciprocal of each divisor, some thirty integer steps in a chain"},
    {"rfft2d", "butterflies of single rows, each after the one before; not vectorised"},
    {"complex_abs", "follows rfft2d, whose time is many times its own"},
    {"blockwise_fully_connected",
     "a sum for each block of weights, scaled by itself: sums of few products; not vectorised"},
};
}  // namespace

TEST_CASE("operators without a kernel have a reason, and no other operator has one") {
  for (const op_def* op : tools::operator_list()) {
    const auto* known = std::find_if(std::begin(without_kernels), std::end(without_kernels),
                                     [&](const without_kernel& w) { return w.name == op->name; });
    CAPTURE(op->name);
    CHECK((op->kernel == kernel_id::none) == (known != std::end(without_kernels)));
    if (known != std::end(without_kernels)) CHECK(*known->why != 0);
  }
}
TEST_CASE(
    "what runs the reference on a SIMD target though its operator has a kernel has a reason") {
  std::size_t kernels = 0, references = 0;
  for (const auto& r : tools::kernel_rows()) {
    if (r.id == kernel_id::none || r.on == target::reference) continue;
    if (r.kernel != "reference") {
      ++kernels;
      continue;
    }
    ++references;
    CAPTURE(r.node, name_of(r.type), name_of(r.out), name_of(r.on), r.roundings);
    CHECK(reason_of(r) != nullptr);
  }
  if (best_target() != target::reference) CHECK(kernels > references / 4);
}
