#include "kernel_list.hpp"

#include "octet/graph/graph.hpp"
#include "octet/kernels/target.hpp"
#include "octet/ops/list.hpp"

namespace octet::tools {
namespace {

tensor quantized(dtype t, const dims& shape, double scale, std::int32_t zero_point) {
  tensor v;
  v.type = t;
  v.shape = shape;
  v.scales = {scale};
  v.zero_points = {zero_point};
  return v;
}
std::int32_t middle(dtype t) { return t == dtype::u8 ? 128 : 0; }

/// A typical node: the form's name, operator, inputs, attributes, output element type (of the first
/// input's type where not given).
struct form {
  std::string name;
  const op_def* op;
  std::vector<tensor> in;
  attributes attrs;
  dtype out;
};

tensor constant(tensor t) {
  t.role = tensor::kind::constant;
  const std::vector<std::byte> ones(bytes_of(t.shape.elements(), t.type).value, std::byte{1});
  t.data = constant_data::copy(ones);
  return t;
}

/// Weights and bias of a layer whose activations are of type t.
void add_weights(form& f, dtype t, const dims& shape, std::int32_t channels) {
  f.in.push_back(constant(quantized(t, shape, 0.01, middle(t))));
  tensor bias;
  bias.type = dtype::s32;
  bias.shape = dims{channels};
  f.in.push_back(constant(std::move(bias)));
}

std::vector<form> forms_of(const op_def& op, dtype t) {
  const tensor x = quantized(t, {1, 8, 8, 32}, 0.05, middle(t));
  std::vector<form> forms;
  if (op.outputs != 1) return forms;  // the nodes below have one output
  const auto simple = [&](std::string suffix, std::vector<tensor> in, dtype out) {
    forms.push_back({std::string(op.name) + suffix, &op, std::move(in), {}, out});
    return &forms.back();
  };
  if (op.name == "qnn.conv2d") {
    for (std::int32_t k : {1, 3})
      add_weights(*simple(k == 1 ? " 1x1" : " 3x3", {x}, t), t, {32, k, k, 32}, 32);
  } else if (op.name == "qnn.depthwise_conv2d") {
    for (std::int32_t k : {3, 5})
      add_weights(*simple(k == 3 ? " 3x3" : " 5x5", {x}, t), t, {1, k, k, 32}, 32);
  } else if (op.name == "qnn.fully_connected") {
    add_weights(*simple("", {quantized(t, {1, 64}, 0.05, middle(t))}, t), t, {32, 64}, 32);
  } else if (op.name == "qnn.transpose_conv2d") {
    add_weights(*simple(" 3x3", {x}, t), t, {32, 3, 3, 32}, 32);
  } else if (op.name == "qnn.batch_matmul") {
    simple("", {x, quantized(t, {1, 8, 32, 16}, 0.04, middle(t))}, t);
  } else if (op.name == "qnn.quantize") {
    tensor f = x;
    f.type = dtype::f32;
    f.scales.clear();
    f.zero_points.clear();
    simple("", {f}, t);
  } else if (op.name == "qnn.dequantize") {
    simple("", {x}, dtype::f32);
  } else if (op.name == "qnn.requantize") {
    simple("", {x}, t);
  } else if (op.name.find("pool2d") != std::string_view::npos) {
    form* f = simple(" 2x2", {x}, t);
    for (const char* key : {"window_h", "window_w"}) f->attrs.set(key, std::int64_t{2});
  } else if (op.max_inputs == 1 || op.min_inputs == 1) {
    simple("", {x}, t);
  } else if (op.min_inputs == 2 && op.max_inputs == 2) {
    simple("", {x, x}, t);
  }
  return forms;
}

/// Lets the operator prepare the node under each rounding until one is accepted, with an output of
/// other and of the same quantization. False where it takes none: the operator has no 8-bit form of
/// this kind, or needs no step.
bool prepare(const form& f, graph& g, plan_memory& memory, prepared& p) {
  for (const bool same : {false, true}) {
    g = graph();
    std::vector<tensor_id> in;
    for (const tensor& t : f.in) in.push_back(g.add(t));
    tensor y = quantized(f.out, {}, same ? f.in[0].scales.empty() ? 1.0 : f.in[0].scales[0] : 0.07,
                         middle(f.out));
    if (is_float(f.out)) y.scales.clear(), y.zero_points.clear();
    const tensor_id out = g.add(std::move(y));
    node& n = g.add_node(*f.op, "", std::move(in), {out}, f.attrs);
    if (f.op->shape)
      if (auto s = infer_shapes(g, n); !s) return false;
    for (const rounding r : enumerators<rounding>) {
      n.round = r;
      const node_inputs v(g, n);
      p = prepared{};
      p.memory = &memory;
      if (f.op->prepare(v.view(), p)) return !p.alias;
    }
  }
  return false;
}

}  // namespace

std::vector<kernel_row> kernel_rows() {
  std::vector<target> targets;
  for (const target on : usable_targets())  // of the others not even accepts() may be called: it is
    if (on != target::reference) targets.push_back(on);  // compiled for them
  if (targets.empty()) targets.push_back(target::reference);
  std::vector<kernel_row> rows;
  for (const op_def* op : builtin_operators())
    for (dtype t : {dtype::s8, dtype::u8})
      for (const form& f : forms_of(*op, t)) {
        graph g;
        plan_memory memory;
        prepared p;
        if (!prepare(f, g, memory, p)) continue;
        for (target on : targets) {
          const kernel_entry* k =
              p.kernel == kernel_id::none ? nullptr : kernels::find(p.kernel, on);
          const bool simd = k && k->run && (!k->accepts || k->accepts(p.params));
          rows.push_back({f.name, f.in[0].type == dtype::f32 ? f.out : f.in[0].type, on,
                          simd ? (k->describe ? k->describe(p.params) : "simd") : "reference",
                          p.kernel});
        }
      }
  return rows;
}

}  // namespace octet::tools
