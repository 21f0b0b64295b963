#include "kernel_list.hpp"

#include "choices.hpp"
#include "octet/graph/graph.hpp"
#include "octet/kernels/target.hpp"
#include "octet/ops/list.hpp"
#include "octet/plan/prepare_step.hpp"

namespace octet::tools {
namespace {

/// Shapes and attributes of a typical node; the forms give its types.
struct typical {
  std::string suffix;  // " 3x3"
  std::vector<dims> in;
  attributes attrs;
  std::size_t constants = 0;  // the last inputs are known (weights, bias)
};

std::vector<typical> typical_nodes(const op_def& op) {
  const dims image{1, 8, 8, 32};
  attributes window, size, channels_first, approximate, last_axis;
  approximate.set("approximate", std::int64_t{1});
  last_axis.set("axis", std::int64_t{-1});
  channels_first.set("perm", std::vector<std::int64_t>{0, 3, 1, 2});
  for (const char* key : {"window_h", "window_w"}) window.set(key, std::int64_t{2});
  for (const char* key : {"out_h", "out_w"}) size.set(key, std::int64_t{16});
  switch (op.kernel) {
    case kernel_id::conv2d:
      return {{" 1x1", {image, {32, 1, 1, 32}, {32}}, {}, 2},
              {" 3x3", {image, {32, 3, 3, 32}, {32}}, {}, 2}};
    case kernel_id::depthwise_conv2d:
      return {{" 3x3", {image, {1, 3, 3, 32}, {32}}, {}, 2},
              {" 5x5", {image, {1, 5, 5, 32}, {32}}, {}, 2}};
    case kernel_id::transpose_conv2d: return {{" 3x3", {image, {32, 3, 3, 32}, {32}}, {}, 2}};
    case kernel_id::fully_connected: return {{"", {{1, 64}, {32, 64}, {32}}, {}, 2}};
    case kernel_id::batch_matmul:
    case kernel_id::float_batch_matmul: return {{"", {image, {1, 8, 32, 16}}, {}, 0}};
    case kernel_id::float_layer:
      if (&op == &ops::float_fully_connected) return {{"", {{1, 64}, {32, 64}, {32}}, {}, 2}};
      return {{" 3x3", {image, {32, 3, 3, 32}, {32}}, {}, 2}};
    case kernel_id::float_depthwise: return {{" 3x3", {image, {1, 3, 3, 32}, {32}}, {}, 2}};
    case kernel_id::pool2d: return {{" 2x2", {image}, window, 0}};
    case kernel_id::resize_bilinear: return {{"", {image}, size, 0}};
    case kernel_id::requantize_add: return {{"", {image, image, {32}}, {}, 1}};
    case kernel_id::dynamic_dequantize: return {{"", {image, {1}, {32}}, {}, 0}};
    case kernel_id::unary:
      if (&op == &ops::gelu)
        return {{" exact", {image}, {}, 0}, {" by tanh", {image}, approximate, 0}};
      break;
    case kernel_id::arg_extreme: return {{"", {image}, last_axis, 0}};
    case kernel_id::batch_norm: return {{"", {image, {32}, {32}}, {}, 2}};
    case kernel_id::movement: return {{"", {image}, channels_first, 0}};
    case kernel_id::svdf: return {{"", {{1, 32}, {16, 32}, {16, 8}, {1, 128}, {16}}, {}, 0}};
    case kernel_id::lstm: {
      const dims w{16, 32}, r{16, 16}, one{16}, state{1, 16};
      return {{"", {{1, 4, 32}, w, w, w, r, r, r, one, one, one, state, state, w, r, one}, {}, 0}};
    }
    case kernel_id::none:
    case kernel_id::dynamic_quantize:
    case kernel_id::dynamic_quantize_linear:
    case kernel_id::binary:
    case kernel_id::prelu:
    case kernel_id::norm:
    case kernel_id::requantize:
    case kernel_id::add:
    case kernel_id::mul:
    case kernel_id::quantize:
    case kernel_id::dequantize:
    case kernel_id::lut8:
    case kernel_id::softmax:
    case kernel_id::mean: break;
  }
  if (op.max_inputs == 2 && op.min_inputs == 2) return {{"", {image, image}, {}, 0}};
  if (op.min_inputs == 1) return {{"", {image}, {}, 0}};
  return {};
}

bool is_recurrent(const op_def& op) {
  return op.kernel == kernel_id::lstm || op.kernel == kernel_id::svdf;
}

/// Zero point and scale that most formulas take: the middle of the range, 0 on wide types.
void quantize(tensor& t, double scale) {
  t.scales = {scale};
  t.zero_points = {t.type == dtype::u8 ? 128 : 0};
}

/// Prepares the node with the choice's types, under the output scales that formulas ask for. False
/// where it takes none, or needs no step.
bool prepare(const typical& n, const choice& c, graph& g, plan_memory& memory, prepared& p) {
  const bool quantized = c.op->quantized;
  struct scales {
    double second, out;
  };
  // The last ones: operands of one quantization.
  for (const auto& [second, out_scale] :
       {scales{0.01, 0.07}, scales{0.01, 0.05}, scales{0.01, 1. / 128}, scales{0.01, 1. / 256},
        scales{0.01, 1. / 32768}, scales{0.05, 0.05}}) {
    g = graph();
    std::vector<tensor_id> in, out;
    for (std::size_t i = 0; i < n.in.size(); ++i) {
      if (i >= c.in.size()) break;  // an operand that this form has not
      tensor t;
      t.type = c.in[i];
      t.shape = n.in[i];
      const bool recurrent = is_recurrent(*c.op);
      if (quantized && !is_float(t.type) && (i < 2 || (recurrent && t.type != dtype::s32)))
        quantize(t, i == 0 ? 0.05 : i == 1 ? second : 1. / 32768);
      if (i + n.constants >= n.in.size()) {
        t.role = tensor::kind::constant;
        const std::vector<std::byte> ones(bytes_of(t.shape.elements(), t.type).value, std::byte{1});
        t.data = constant_data::copy(ones);
      }
      in.push_back(g.add(std::move(t)));
    }
    for (const dtype t : c.out) {
      tensor y;
      y.type = t;
      if (quantized && !is_float(t)) quantize(y, out_scale);
      out.push_back(g.add(std::move(y)));
    }
    node& made = g.add_node(*c.op, "", std::move(in), std::move(out), n.attrs, c.round);
    if (auto s = infer_shapes(g, made); !s) return false;
    const node_inputs v(g, made);
    p = prepared{};
    p.memory = &memory;
    if (prepare_node(*c.op, v.view(), p)) return !detail::is_alias(*c.op, v.view());
  }
  return false;
}

/// Weights of the activations' type, int8 beside int16, any beside accumulators; the first bias
/// that a form lists.
bool usual(const choice& c) {
  if (is_recurrent(*c.op)) return true;
  if (c.in.size() > 1 && quantized_types.contains(c.in[1]) && quantized_types.contains(c.x()) &&
      c.in[1] != (c.x() == dtype::s16 && c.in.size() > 2 ? dtype::s8 : c.x()))
    return false;
  return c.in.size() < 3 || c.in[2] == dtype::s32 || c.in[2] == dtype::f32;
}

}  // namespace

std::span<const op_def* const> operator_list() { return builtin_operators(); }

std::vector<kernel_row> kernel_rows() {
  std::vector<target>
      targets;  // of others not even accepts() may be called: it is compiled for them
  for (const target t : usable_targets())
    if (t != target::reference) targets.push_back(t);
  if (targets.empty()) targets.push_back(target::reference);
  std::vector<kernel_row> rows;
  for (const op_def* op : builtin_operators())
    for (const typical& n : typical_nodes(*op)) {
      const std::size_t first = rows.size();
      for (const choice& c : choices_of(*op)) {
        if (!usual(c)) continue;
        graph g;
        plan_memory memory;
        prepared p;
        if (!prepare(n, c, g, memory, p)) continue;
        for (const target on : targets) {
          const kernel_entry* k =
              p.kernel == kernel_id::none ? nullptr : kernels::find(p.kernel, on);
          const bool simd = k && k->run && (!k->accepts || k->accepts(p.params));
          kernel_row row{std::string(op->name) + n.suffix,
                         c.x(),
                         c.y(),
                         on,
                         simd ? (k->describe ? k->describe(p.params) : "simd") : "reference",
                         std::string(name_of(c.round)),
                         op->kernel};
          bool known = false;
          for (std::size_t i = first; i < rows.size(); ++i)
            if (kernel_row& r = rows[i]; r.type == row.type && r.out == row.out && r.on == row.on &&
                                         r.kernel == row.kernel) {
              r.roundings += " " + row.roundings;
              known = true;
            }
          if (!known) rows.push_back(std::move(row));
        }
      }
    }
  return rows;
}

}  // namespace octet::tools
