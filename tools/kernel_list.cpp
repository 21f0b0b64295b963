#include "kernel_list.hpp"

#include "octet/bench/made_up.hpp"
#include "octet/kernels/target.hpp"
#include "octet/plan/prepare_step.hpp"

namespace octet::tools {
namespace {

using bench::choice;

/// A typical node as far as it is given; bench::make_node makes the rest, and the forms its types.
struct typical {
  std::string suffix;  // " 3x3"
  bench::node_options given;
};

std::vector<typical> typical_nodes(const op_def& op) {
  const dims image{1, 8, 8, 32};
  const typical plain{"", {{}, {}, image}};
  const auto with = [&](std::string suffix, std::vector<dims> shapes) {
    return typical{std::move(suffix), {std::move(shapes), {}, image}};
  };
  const dims wide{32, 3, 3, 32}, one_each{1, 3, 3, 32};
  if (op.kernel == kernel_id::conv2d)
    return {with(" 1x1", {image, {32, 1, 1, 32}}), with(" 3x3", {image, wide})};
  if (op.kernel == kernel_id::depthwise_conv2d)
    return {with(" 3x3", {image, one_each}), with(" 5x5", {image, {1, 5, 5, 32}})};
  if (op.kernel == kernel_id::float_depthwise) return {with(" 3x3", {image, one_each})};
  if (op.kernel == kernel_id::transpose_conv2d ||
      (op.kernel == kernel_id::float_layer && &op != &ops::float_fully_connected)) {
    typical n = with(" 3x3", {image, wide});
    for (const char* key : {"stride_h", "stride_w"}) n.given.attrs.set(key, std::int64_t{1});
    return {std::move(n)};
  }
  if (op.kernel == kernel_id::pool2d) {
    typical n = with(" 2x2", {});
    for (const char* key : {"window_h", "window_w"}) n.given.attrs.set(key, std::int64_t{2});
    return {std::move(n)};
  }
  if (&op == &ops::gelu) {
    typical tanh = with(" by tanh", {});
    tanh.given.attrs.set("approximate", std::int64_t{1});
    return {with(" exact", {}), std::move(tanh)};
  }
  return {plain};
}

bool is_recurrent(const op_def& op) {
  return op.kernel == kernel_id::lstm || op.kernel == kernel_id::svdf;
}

/// Prepares the node of this form; what is prepared points into `g`. False where there is none, or
/// where it needs no step.
bool prepare(const typical& n, const choice& c, graph& g, plan_memory& memory, prepared& p) {
  auto made = bench::make_node(c, n.given);
  if (!made) return false;
  g = std::move(*made);
  const node_inputs v(g, g.nodes[0]);
  p = prepared{};
  p.memory = &memory;
  return prepare_node(*c.op, v.view(), p) && !detail::is_alias(*c.op, v.view());
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
      for (const choice& c : bench::choices_of(*op)) {
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
