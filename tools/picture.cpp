#include "picture.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <map>
#include <numeric>

#include "cost.hpp"
#include "octet/graph/print.hpp"

namespace octet::tools {
namespace {

std::string number(double v) {
  char b[32];
  std::snprintf(b, sizeof b, "%.4g", v);
  return b;
}
/// A coordinate.
std::string at(double v) {
  char b[32];
  std::snprintf(b, sizeof b, "%.1f", v);
  return b;
}
std::string milliseconds(double ms) {
  char b[32];
  std::snprintf(b, sizeof b, "%.3g %s", ms >= 0.1 ? ms : ms * 1000, ms >= 0.1 ? "ms" : "us");
  return b;
}
/// "int8 1x112x112x32"
std::string short_text(const tensor& t) {
  std::string s = std::string(name_of(t.type)) + " ";
  for (int i = 0; i < t.shape.rank; ++i) s += (i ? "x" : "") + std::to_string(t.shape[i]);
  return t.shape.rank == 0 ? s + "scalar" : s;
}
std::string_view bare_name(const node& n) {
  std::string_view s = n.op->name;
  return s.starts_with("qnn.") ? s.substr(4) : s;
}
const tensor* input_of(const graph& g, const node& n, std::size_t i) {
  return i < n.in.size() && n.in[i] != no_tensor ? &g[n.in[i]] : nullptr;
}
const tensor* output_of(const graph& g, const node& n) {
  return !n.out.empty() && n.out[0] != no_tensor ? &g[n.out[0]] : nullptr;
}

}  // namespace

std::string markup_text(std::string_view text, std::size_t most) {
  std::string s;
  for (char c : octet::detail::one_line(text, most)) switch (c) {
      case '&': s += "&amp;"; break;
      case '<': s += "&lt;"; break;
      case '>': s += "&gt;"; break;
      case '"': s += "&quot;"; break;
      case '\'': s += "&#39;"; break;
      default: s += c;
    }
  return s;
}

const char* kind_of(const node& n) {
  const std::string_view name = bare_name(n);
  const auto has = [&](std::initializer_list<std::string_view> parts) {
    return std::any_of(parts.begin(), parts.end(),
                       [&](std::string_view p) { return name.find(p) != name.npos; });
  };
  if (has({"depthwise"})) return "depthwise";
  if (has({"conv2d"})) return "conv";
  if (has({"fully_connected", "matmul", "lstm", "svdf"})) return "dense";
  if (has({"quantize"})) return "quantize";
  if (has({"pool", "mean", "sum", "reduce", "arg_", "topk"})) return "pool";
  if (has({"reshape", "squeeze", "expand_dims", "identity", "transpose", "slice", "tile", "reverse",
           "broadcast", "space", "split", "pack", "concat", "pad", "gather", "cast", "one_hot"}))
    return "movement";
  if (has({"softmax", "norm", "logistic", "tanh", "relu", "elu", "swish", "sigmoid"}))
    return "activation";
  return "elementwise";
}

std::string title_of(const graph& g, const node& n) {
  std::string s(bare_name(n));
  const std::string_view kind = kind_of(n);
  std::int64_t h = 0, w = 0;
  if (const tensor* weights = input_of(g, n, 1);
      weights && weights->shape.rank == 4 && (kind == "conv" || kind == "depthwise"))
    h = weights->shape[1], w = weights->shape[2];
  if (n.attrs.find("window_h")) h = n.attrs.integer("window_h"), w = n.attrs.integer("window_w");
  if (h > 0) s += " " + std::to_string(h) + "x" + std::to_string(w);
  return s;
}

std::string activation_of(const graph& g, const node& n) {
  const tensor* y = output_of(g, n);
  if (!y) return {};
  double low = -INFINITY, high = INFINITY, step = 0;
  if (n.attrs.find("clamp_lo") || n.attrs.find("clamp_hi")) {
    if (y->scales.size() != 1) return {};
    const std::int64_t zero = y->zero_points.empty() ? 0 : y->zero_points[0];
    const std::int64_t lo = n.attrs.integer("clamp_lo", lowest_of(y->type)),
                       hi = n.attrs.integer("clamp_hi", highest_of(y->type));
    step = y->scales[0];
    low = step * static_cast<double>(lo - zero);
    high = step * static_cast<double>(hi - zero);
    // The type's own ends are no bound, unless they are where relu6 ends.
    if (lo <= lowest_of(y->type) && lo != zero && std::abs(low + 1) > step) low = -INFINITY;
    if (hi >= highest_of(y->type) && std::abs(high - 6) > step && std::abs(high - 1) > step)
      high = INFINITY;
  } else if (n.attrs.find("float_lo") || n.attrs.find("float_hi")) {
    low = n.attrs.real("float_lo", low);
    high = n.attrs.real("float_hi", high);
  } else {
    return {};
  }
  const auto is = [&](double v, double bound) { return v == bound || std::abs(v - bound) <= step; };
  const bool bounded = high < INFINITY;
  if (low == -INFINITY && !bounded) return {};
  if (low == 0 && (!bounded || high > 1e30)) return "relu";
  if (low == 0 && is(high, 6)) return "relu6";
  if (is(low, -1) && is(high, 1)) return "relu_n1_to_1";
  return "clamp " + number(low) + " to " + number(high);
}

std::string summary_of(const graph& g, const node& n) {
  const std::string_view kind = kind_of(n);
  const tensor *x = input_of(g, n, 0), *w = input_of(g, n, 1), *y = output_of(g, n);
  std::vector<std::string> parts;
  if (x && w && y && (kind == "conv" || (kind == "dense" && w->shape.rank == 2)))
    parts.push_back(std::to_string(x->shape.back(0)) + " to " + std::to_string(y->shape.back(0)));
  else if (y && kind == "depthwise")
    parts.push_back(std::to_string(y->shape.back(0)) + " channels");
  const std::int64_t sh = n.attrs.integer("stride_h", 1), sw = n.attrs.integer("stride_w", 1);
  if (sh != 1 || sw != 1)
    parts.push_back("stride " + std::to_string(sh) + (sh == sw ? "" : "x" + std::to_string(sw)));
  const std::int64_t dh = n.attrs.integer("dilation_h", 1), dw = n.attrs.integer("dilation_w", 1);
  if (dh != 1 || dw != 1)
    parts.push_back("dilation " + std::to_string(dh) + (dh == dw ? "" : "x" + std::to_string(dw)));
  if (const std::int64_t groups = n.attrs.integer("groups", 1); groups > 1 && kind == "conv")
    parts.push_back(std::to_string(groups) + " groups");
  if (const std::string a = activation_of(g, n); !a.empty()) parts.push_back(a);
  std::string s;
  for (const std::string& p : parts) s += (s.empty() ? "" : ", ") + p;
  return s;
}

std::vector<tensor_life> lives_of(const plan_data& d) {
  const graph& g = d.source;
  const auto steps = static_cast<std::ptrdiff_t>(d.steps.size());
  std::vector<tensor_life> all(g.tensors.size());
  // Nodes without a step (reshapes) give their input's bytes another name.
  std::vector<tensor_id> root(g.tensors.size());
  std::iota(root.begin(), root.end(), tensor_id{0});
  std::vector<char> has_step(g.nodes.size());
  for (const step& s : d.steps) has_step[static_cast<std::size_t>(s.node)] = 1;
  for (std::size_t i = 0; i < g.nodes.size(); ++i) {
    const node& n = g.nodes[i];
    if (has_step[i] || n.in.empty() || n.out.empty() || n.in[0] == no_tensor) continue;
    root[static_cast<std::size_t>(n.out[0])] = root[static_cast<std::size_t>(n.in[0])];
  }
  const auto touch = [&](tensor_id t, std::ptrdiff_t when) {
    if (t == no_tensor) return;
    const tensor_id r = root[static_cast<std::size_t>(t)];
    const placement& p = d.where[static_cast<std::size_t>(r)];
    if (p.in != placement::where::arena) return;
    tensor_life& l = all[static_cast<std::size_t>(r)];
    if (l.tensor == no_tensor)
      l = {r, when, when, p.offset, bytes_of(g[r].shape.elements(), g[r].type).value};
    l.first = std::min(l.first, when);
    l.last = std::max(l.last, when);
  };
  for (tensor_id t : g.inputs) touch(t, -1);
  for (std::ptrdiff_t i = 0; i < steps; ++i) {
    const step& s = d.steps[static_cast<std::size_t>(i)];
    for (std::uint32_t k = 0; k < s.inputs; ++k) touch(d.operands[s.first_in + k], i);
    for (std::uint32_t k = 0; k < s.outputs; ++k) touch(d.operands[s.first_out + k], i);
  }
  for (tensor_id t : g.outputs) touch(t, steps);
  if (d.options.keep_all)
    for (tensor_life& l : all) l.first = -1, l.last = steps;
  std::erase_if(all, [](const tensor_life& l) { return l.tensor == no_tensor; });
  return all;
}

// ---------------------------------------------------------------------------------------- style

const char* const picture_style = R"(
svg.octet{font:11px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
svg.octet text{fill:#1e293b}
svg.octet .title{font-weight:600;font-size:12px}
svg.octet .small{fill:#475569}
svg.octet .edge{fill:none;stroke:#64748b;stroke-width:1.2}
svg.octet .skip{fill:none;stroke:#7c8aa0;stroke-width:1.2}
svg.octet .arrow{fill:#64748b}
svg.octet .axis{stroke:#cbd5e1}
.io .box{fill:#1e293b;stroke:#1e293b}
svg.octet .io text{fill:#f8fafc}
svg.octet .heat{fill:#ef4444}
.conv .box,.conv.fill{fill:#dbeafe;stroke:#2563eb}
.depthwise .box,.depthwise.fill{fill:#ccfbf1;stroke:#0d9488}
.dense .box,.dense.fill{fill:#ede9fe;stroke:#7c3aed}
.elementwise .box,.elementwise.fill{fill:#dcfce7;stroke:#16a34a}
.pool .box,.pool.fill{fill:#ffedd5;stroke:#ea580c}
.movement .box,.movement.fill{fill:#f1f5f9;stroke:#64748b}
.quantize .box,.quantize.fill{fill:#fef9c3;stroke:#ca8a04}
.activation .box,.activation.fill{fill:#fce7f3;stroke:#db2777}
.io.fill{fill:#e2e8f0;stroke:#1e293b}
)";

namespace {

// --------------------------------------------------------------------------------------- layout

constexpr double box_width = 200, line_height = 14, box_padding = 6;
constexpr double between_boxes = 18;  // side by side
constexpr double gap = 18;            // between layers, without lanes
constexpr double lane = 6;            // between parallel lines
constexpr double margin = 16;
constexpr std::size_t line_bytes = 32, title_bytes = 26;  // that fit a box's width

struct vertex {
  std::string kind, tooltip;
  std::vector<std::string> lines;
  double share = -1;              // of the slowest step's time; < 0: not profiled
  std::vector<std::size_t> from;  // producers
  std::vector<std::string> edge;  // their tensors, for the tooltips
  std::size_t layer = 0, column = 0;
  double x = 0, y = 0, height = 0;
};

/// Everything that leaves one box and does not go straight to the next layer: one line out of the
/// box, along a lane beside the column, and into each target from above.
struct bundle {
  std::size_t from = 0;
  std::vector<std::size_t> to;
  double leave_y = 0;
};

/// One line from a box to another: its zone and lane, and where it goes over the top.
struct hop {
  std::size_t bundle = 0, to = 0, zone = 0, lane = 0;
  double y0 = 0, y1 = 0;  // leaves, arrives
  struct detour {
    double bus = 0;  // 0: none
    std::size_t zone = 0, lane = 0;
  } over{};
};

class layout {
 public:
  layout(const graph& g, const planned_facts& f) : g_(g), f_(f) {
    if (!f_.ms.empty()) slowest_ = *std::max_element(f_.ms.begin(), f_.ms.end());
    make_vertices();
    make_layers();
    make_columns();
    make_bundles();
    place_rows();
    const std::vector<hop> hops = make_hops();
    place_columns();
    draw(hops);
  }
  std::string svg(bool inside) const;

 private:
  void make_vertices();
  void make_layers();
  void make_columns();
  void make_bundles();
  void place_rows();
  std::vector<hop> make_hops();
  void place_columns();
  void draw(const std::vector<hop>& hops);
  vertex ends_vertex(tensor_id t, const char* what) const;
  vertex node_vertex(const node& n) const;
  void describe_step(vertex& v, std::optional<std::size_t> k) const;
  void connect(vertex& v, tensor_id t) const;
  static void finish_vertex(vertex& v);
  /// Behind a column's last layer.
  std::size_t end_of_column(std::size_t c) const {
    return c + 1 < first_layer_.size() ? first_layer_[c + 1] : layers_.size();
  }
  bool straight(std::size_t from, std::size_t to) const {
    return v_[to].layer == v_[from].layer + 1 && v_[to].column == v_[from].column;
  }
  /// A lane in a zone that is free from y0 to y1; its number.
  std::size_t claim(std::size_t zone, double y0, double y1) {
    auto& lanes = zones_[zone];
    std::size_t k = 0;
    for (; k < lanes.size(); ++k)
      if (std::none_of(lanes[k].begin(), lanes[k].end(),
                       [&](const auto& s) { return s.first < y1 + 4 && y0 < s.second + 4; }))
        break;
    if (k == lanes.size()) lanes.emplace_back();
    lanes[k].emplace_back(y0, y1);
    return k;
  }

  const graph& g_;
  const planned_facts& f_;
  std::vector<vertex> v_;
  std::vector<std::vector<std::size_t>> layers_;
  std::vector<std::ptrdiff_t> producer_;                    // by tensor: the vertex; -1: none
  std::vector<double> layer_height_, top_of_, bottom_of_;   // by layer
  std::vector<double> zone_x_;                              // by column
  std::vector<std::size_t> column_of_layer_, first_layer_;  // by layer; by column
  std::vector<bundle> bundles_;
  std::vector<std::vector<std::vector<std::pair<double, double>>>> zones_;  // right of each column
  std::vector<std::string> routes_;
  double width_ = 0, height_ = 0;
  double slowest_ = 0;  // of all steps, in ms
};

std::string cut(const std::string& text, std::size_t most) {
  const std::string s = octet::detail::one_line(text, 400);
  if (s.size() <= most) return s;
  std::size_t end = most - 3;
  while (end > 0 && (static_cast<unsigned char>(s[end]) & 0xC0) == 0x80) --end;
  return s.substr(0, end) + "...";
}

vertex layout::ends_vertex(tensor_id t, const char* what) const {
  vertex v;
  v.kind = "io";
  const std::string name = g_[t].name.empty() ? std::string(what) : g_[t].name;
  v.lines = {name, short_text(g_[t])};
  v.tooltip = std::string(what) + " " + g_[t].name + "\n" + type_text(g_[t]);
  return v;
}
void layout::connect(vertex& v, tensor_id t) const {
  if (t == no_tensor) return;
  const std::ptrdiff_t p = producer_[static_cast<std::size_t>(t)];
  if (p < 0) return;
  v.from.push_back(static_cast<std::size_t>(p));
  v.edge.push_back(g_[t].name + "\n" + type_text(g_[t]));
}
/// What the plan says of the node: step k, or none.
void layout::describe_step(vertex& v, std::optional<std::size_t> k) const {
  if (!k) {
    v.lines.emplace_back("no step: the same bytes");
    return;
  }
  const step& s = f_.plan->steps[*k];
  v.lines.emplace_back(s.kernel_name);
  if (s.outputs != 0) {
    const tensor_id t = f_.plan->operands[s.first_out];
    const placement& p = f_.plan->where[static_cast<std::size_t>(t)];
    const auto bytes = static_cast<double>(bytes_of(g_[t].shape.elements(), g_[t].type).value);
    v.lines.push_back(byte_amount(bytes) +
                      (p.in == placement::where::arena
                           ? " at " + byte_amount(static_cast<double>(p.offset))
                           : " of state"));
  }
  v.tooltip += "\nstep " + std::to_string(*k) + ", " + std::to_string(s.parts) + " part(s)";
  if (*k < f_.ms.size()) {
    v.lines.back() += ", " + milliseconds(f_.ms[*k]);
    v.share = slowest_ > 0 ? f_.ms[*k] / slowest_ : 0;
  }
}
vertex layout::node_vertex(const node& n) const {
  vertex v;
  v.kind = kind_of(n);
  v.lines.push_back(title_of(g_, n));
  if (const std::string s = summary_of(g_, n); !s.empty()) v.lines.push_back(s);
  if (const tensor* y = output_of(g_, n)) v.lines.push_back(short_text(*y));
  const double macs = macs_of(g_, n);
  if (macs > 0) v.lines.push_back(amount(macs) + " MACs");
  v.tooltip = std::string(n.op->name) + " " + n.name;
  if (n.round != rounding::none) v.tooltip += "\nrounding " + std::string(name_of(n.round));
  for (tensor_id t : n.in)
    if (t != no_tensor && g_[t].role == tensor::kind::constant)
      v.tooltip += "\nconst " + type_text(g_[t]);
  for (tensor_id t : n.out)
    if (t != no_tensor) v.tooltip += "\nto " + type_text(g_[t]);
  return v;
}
/// Its height, and each producer once: x * x is one line.
void layout::finish_vertex(vertex& v) {
  v.height =
      static_cast<double>(v.lines.size()) * line_height + 2 * box_padding + (v.share >= 0 ? 4 : 0);
  std::vector<std::size_t> once;
  std::vector<std::string> texts;
  for (std::size_t k = 0; k < v.from.size(); ++k)
    if (std::find(once.begin(), once.end(), v.from[k]) == once.end()) {
      once.push_back(v.from[k]);
      texts.push_back(v.edge[k]);
    }
  v.from = std::move(once);
  v.edge = std::move(texts);
}
void layout::make_vertices() {
  producer_.assign(g_.tensors.size(), -1);
  const auto gives = [&](tensor_id t) {
    producer_[static_cast<std::size_t>(t)] = static_cast<std::ptrdiff_t>(v_.size()) - 1;
  };
  std::vector<std::optional<std::size_t>> step_of(g_.nodes.size());
  if (f_.plan)
    for (std::size_t i = 0; i < f_.plan->steps.size(); ++i)
      step_of[static_cast<std::size_t>(f_.plan->steps[i].node)] = i;
  for (tensor_id t : g_.inputs) {
    v_.push_back(ends_vertex(t, "input"));
    gives(t);
  }
  for (std::size_t i = 0; i < g_.nodes.size(); ++i) {
    const node& n = g_.nodes[i];
    vertex v = node_vertex(n);
    if (f_.plan) describe_step(v, step_of[i]);
    for (tensor_id t : n.in) connect(v, t);
    v_.push_back(std::move(v));
    for (tensor_id t : n.out)
      if (t != no_tensor) gives(t);
  }
  for (tensor_id t : g_.outputs) {
    v_.push_back(ends_vertex(t, "output"));
    connect(v_.back(), t);
  }
  for (vertex& v : v_) finish_vertex(v);
}

void layout::make_layers() {
  std::vector<std::size_t> first_use(v_.size(), SIZE_MAX);
  std::size_t count = 1;
  for (std::size_t i = 0; i < v_.size(); ++i) {  // nodes are in execution order
    for (std::size_t p : v_[i].from) v_[i].layer = std::max(v_[i].layer, v_[p].layer + 1);
    for (std::size_t p : v_[i].from) first_use[p] = std::min(first_use[p], v_[i].layer);
    count = std::max(count, v_[i].layer + 1);
  }
  for (std::size_t i = 0; i < v_.size(); ++i)  // late inputs beside what uses them
    if (v_[i].from.empty() && first_use[i] != SIZE_MAX) v_[i].layer = first_use[i] - 1;
  layers_.resize(count);
  std::vector<double> centre(v_.size());
  for (std::size_t i = 0; i < v_.size(); ++i) layers_[v_[i].layer].push_back(i);
  for (auto& l : layers_) {  // each box below its producers
    for (std::size_t i : l) {
      double sum = 0;
      for (std::size_t p : v_[i].from) sum += centre[p];
      centre[i] = v_[i].from.empty() ? 0 : sum / static_cast<double>(v_[i].from.size());
    }
    std::stable_sort(l.begin(), l.end(),
                     [&](std::size_t a, std::size_t b) { return centre[a] < centre[b]; });
    for (std::size_t k = 0; k < l.size(); ++k)
      centre[l[k]] = static_cast<double>(k) - static_cast<double>(l.size() - 1) / 2;
  }
  for (const auto& l : layers_) {
    double h = 0;
    for (std::size_t i : l) h = std::max(h, v_[i].height);
    layer_height_.push_back(h);
  }
}

/// Breaks the layers into columns about as high as makes the whole a little wider than high, where
/// few lines cross.
void layout::make_columns() {
  double total = 0, widest = 1;
  for (std::size_t r = 0; r < layers_.size(); ++r) {
    total += layer_height_[r] + gap + 2 * lane;
    widest = std::max(widest, static_cast<double>(layers_[r].size()));
  }
  const double column = widest * (box_width + between_boxes) + 40;
  const double wanted = std::max(1.0, std::round(std::sqrt(1.1 * total / column)));
  const double most = std::max(total / wanted * 1.06, 400.0);
  // Lines that a break after layer r would cut.
  std::vector<std::ptrdiff_t> cuts(layers_.size() + 1);
  for (std::size_t i = 0; i < v_.size(); ++i)
    for (std::size_t p : v_[i].from) ++cuts[v_[p].layer], --cuts[v_[i].layer];
  std::partial_sum(cuts.begin(), cuts.end(), cuts.begin());
  for (std::size_t begin = 0; begin < layers_.size();) {
    double h = 0;
    std::size_t end = begin, best = begin;
    while (end < layers_.size() && (h == 0 || h + layer_height_[end] + gap < most)) {
      h += layer_height_[end] + gap + 2 * lane;
      if (h >= 0.8 * most && (best == begin || cuts[end] <= cuts[best - 1])) best = end + 1;
      ++end;
    }
    if (end == layers_.size() || best == begin) best = end;
    first_layer_.push_back(begin);
    for (; begin < best; ++begin) {
      column_of_layer_.push_back(first_layer_.size() - 1);
      for (std::size_t i : layers_[begin]) v_[i].column = first_layer_.size() - 1;
    }
  }
}

void layout::make_bundles() {
  std::map<std::size_t, bundle> by_source;
  for (std::size_t i = 0; i < v_.size(); ++i)
    for (std::size_t p : v_[i].from)
      if (!straight(p, i)) {
        by_source[p].from = p;
        by_source[p].to.push_back(i);
      }
  for (auto& [from, b] : by_source) bundles_.push_back(std::move(b));
}

/// The rows: lines along the gaps, below a layer one for each bundle that leaves, above it one for
/// each arrival.
void layout::place_rows() {
  std::vector<double> below(layers_.size()), above(layers_.size());
  for (const bundle& b : bundles_) {
    ++below[v_[b.from].layer];
    for (std::size_t t : b.to) ++above[v_[t].layer];
  }
  std::size_t buses = 0;  // over the top, to columns further on
  for (const bundle& b : bundles_)
    for (std::size_t t : b.to) buses += v_[t].column > v_[b.from].column + 1 ? 1 : 0;
  const double top = margin + lane * static_cast<double>(buses) + 6;
  top_of_.resize(layers_.size());
  bottom_of_.resize(layers_.size());
  for (std::size_t c = 0; c < first_layer_.size(); ++c) {
    double y = top;
    for (std::size_t r = first_layer_[c]; r < end_of_column(c); ++r) {
      y += lane * above[r] + (r == first_layer_[c] ? 0 : gap);
      top_of_[r] = y;
      for (std::size_t i : layers_[r]) v_[i].y = y;
      y += layer_height_[r];
      bottom_of_[r] = y;
      y += lane * below[r];
    }
    height_ = std::max(height_, y + margin);
  }
}
/// Where each line leaves and arrives, and its lanes: short ones take those beside the boxes.
std::vector<hop> layout::make_hops() {
  std::vector<double> left(layers_.size()), arrived(layers_.size());
  std::vector<hop> hops;
  for (std::size_t b = 0; b < bundles_.size(); ++b) {
    const std::size_t r = v_[bundles_[b].from].layer;
    bundles_[b].leave_y = bottom_of_[r] + lane * ++left[r];
    for (std::size_t t : bundles_[b].to) {
      const std::size_t q = v_[t].layer;
      hops.push_back({.bundle = b,
                      .to = t,
                      .y0 = bundles_[b].leave_y,
                      .y1 = top_of_[q] - 6 - lane * arrived[q]++});
    }
  }
  std::vector<std::size_t> order(hops.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(hops[a].y1 - hops[a].y0) < std::abs(hops[b].y1 - hops[b].y0);
  });
  zones_.resize(first_layer_.size());
  double bus = margin;
  for (std::size_t k : order) {
    hop& h = hops[k];
    const std::size_t from = v_[bundles_[h.bundle].from].column, to = v_[h.to].column;
    h.zone = from;
    if (to <= from + 1) {
      h.lane = claim(from, std::min(h.y0, h.y1), std::max(h.y0, h.y1));
    } else {
      h.over = {bus, to - 1, 0};
      bus += lane;
      h.lane = claim(from, h.over.bus, h.y0);
      h.over.lane = claim(to - 1, h.over.bus, h.y1);
    }
  }
  return hops;
}
/// Columns side by side, each with its lanes to the right.
void layout::place_columns() {
  zone_x_.resize(first_layer_.size());
  double x = margin;
  for (std::size_t c = 0; c < first_layer_.size(); ++c) {
    double widest = 0;
    const auto width_of = [&](std::size_t r) {
      return static_cast<double>(layers_[r].size()) * (box_width + between_boxes) - between_boxes;
    };
    for (std::size_t r = first_layer_[c]; r < end_of_column(c); ++r)
      widest = std::max(widest, width_of(r));
    for (std::size_t r = first_layer_[c]; r < end_of_column(c); ++r) {
      double at_x = x + (widest - width_of(r)) / 2;
      for (std::size_t i : layers_[r]) {
        v_[i].x = at_x;
        at_x += box_width + between_boxes;
      }
    }
    zone_x_[c] = x + widest + 14;
    x = zone_x_[c] + lane * static_cast<double>(zones_[c].size()) + 12;
  }
  width_ = x + margin - 12;
}
void layout::draw(const std::vector<hop>& hops) {
  std::vector<double> ports(v_.size());
  for (const hop& h : hops) {
    const vertex &a = v_[bundles_[h.bundle].from], &b = v_[h.to];
    const double x0 = a.x + box_width / 2 + 24, x2 = b.x + box_width / 2 + 24 + 12 * ports[h.to]++;
    const double lane_x = zone_x_[h.zone] + lane * static_cast<double>(h.lane);
    std::string d = "M" + at(x0) + " " + at(a.y + a.height) + "V" + at(h.y0) + "H" + at(lane_x);
    if (h.over.bus > 0)
      d += "V" + at(h.over.bus) + "H" +
           at(zone_x_[h.over.zone] + lane * static_cast<double>(h.over.lane));
    d += "V" + at(h.y1) + "H" + at(x2) + "V" + at(b.y - 5);
    const auto k_from = static_cast<std::size_t>(
        std::find(b.from.begin(), b.from.end(), bundles_[h.bundle].from) - b.from.begin());
    routes_.push_back("<path class=\"skip\" d=\"" + d + "\"><title>" +
                      markup_text(b.edge[k_from], 400) +
                      "</title></path><path class=\"arrow\" d=\"M" + at(x2) + " " + at(b.y) +
                      "l-3.5 -6h7z\"/>\n");
  }
}

std::string layout::svg(bool inside) const {
  std::string s = "<svg class=\"octet\" xmlns=\"http://www.w3.org/2000/svg\" width=\"" +
                  at(width_) + "\" height=\"" + at(height_) + "\" viewBox=\"0 0 " + at(width_) +
                  " " + at(height_) + "\">\n";
  if (!inside)
    s += "<style>" + std::string(picture_style) +
         "</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n";
  for (const std::string& r : routes_) s += r;
  for (std::size_t i = 0; i < v_.size(); ++i)
    for (std::size_t k = 0; k < v_[i].from.size(); ++k) {
      const std::size_t p = v_[i].from[k];
      if (!straight(p, i)) continue;
      const double x0 = v_[p].x + box_width / 2, y0 = v_[p].y + v_[p].height,
                   x1 = v_[i].x + box_width / 2, y1 = v_[i].y - 5, mid = (y0 + y1) / 2;
      s += "<path class=\"edge\" d=\"M" + at(x0) + " " + at(y0) + "C" + at(x0) + " " + at(mid) +
           " " + at(x1) + " " + at(mid) + " " + at(x1) + " " + at(y1) + "\"><title>" +
           markup_text(v_[i].edge[k], 400) + "</title></path><path class=\"arrow\" d=\"M" + at(x1) +
           " " + at(y1 + 5) + "l-3.5 -6h7z\"/>\n";
    }
  for (const vertex& v : v_) {
    s += "<g class=\"" + v.kind + "\"><title>" + markup_text(v.tooltip, 1000) +
         "</title><rect class=\"box\" x=\"" + at(v.x) + "\" y=\"" + at(v.y) + "\" width=\"" +
         at(box_width) + "\" height=\"" + at(v.height) + "\" rx=\"6\"/>";
    double y = v.y + box_padding + 10;
    for (std::size_t k = 0; k < v.lines.size(); ++k, y += line_height)
      s += "<text class=\"" + std::string(k == 0 ? "title" : "small") + "\" x=\"" + at(v.x + 9) +
           "\" y=\"" + at(y) + "\">" +
           markup_text(cut(v.lines[k], k == 0 ? title_bytes : line_bytes)) + "</text>";
    if (v.share >= 0)
      s += "<rect class=\"heat\" x=\"" + at(v.x + 6) + "\" y=\"" + at(v.y + v.height - 6) +
           "\" width=\"" + at(std::max(1.0, v.share * (box_width - 12))) +
           "\" height=\"3\" rx=\"1.5\"/>";
    s += "</g>\n";
  }
  return s + "</svg>\n";
}

// --------------------------------------------------------------------------------------- charts

constexpr double chart_width = 1480, chart_left = 64;

/// 1, 2 or 5 times a power of ten, so that about `parts` steps reach `most`.
double tick_of(double most, double parts) {
  if (!(most > 0)) return 1;
  const double raw = most / parts, power = std::pow(10, std::floor(std::log10(raw)));
  for (double k : {1.0, 2.0, 5.0})
    if (raw <= k * power) return k * power;
  return 10 * power;
}
/// The frame of a chart over steps, the first of them in column `first`: y axis with labels, a
/// step's number now and then.
template <class Label>
std::string frame(double height, double most, std::size_t steps, std::size_t first,
                  double step_width, Label label) {
  std::string s = "<svg class=\"octet\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " +
                  at(chart_width) + " " + at(height + 34) + "\" width=\"" + at(chart_width) +
                  "\" height=\"" + at(height + 34) + "\">\n";
  const double tick = tick_of(most, 5);
  for (double v = 0; v <= most * 1.0001; v += tick) {
    const double y = 10 + height - (most > 0 ? v / most : 0) * height;
    s += "<line class=\"axis\" x1=\"" + at(chart_left) + "\" x2=\"" + at(chart_width - 8) +
         "\" y1=\"" + at(y) + "\" y2=\"" + at(y) +
         "\"/><text class=\"small\" text-anchor=\"end\" x=\"" + at(chart_left - 6) + "\" y=\"" +
         at(y + 4) + "\">" + label(v) + "</text>\n";
  }
  const auto every =
      static_cast<std::size_t>(std::max(1.0, tick_of(static_cast<double>(steps), 16)));
  for (std::size_t i = 0; i < steps; i += every)
    s += "<text class=\"small\" text-anchor=\"middle\" x=\"" +
         at(chart_left + (static_cast<double>(i + first) + 0.5) * step_width) + "\" y=\"" +
         at(height + 25) + "\">" + std::to_string(i) + "</text>\n";
  return s;
}
const node& node_of(const plan_data& d, std::size_t step) {
  return d.source.nodes[static_cast<std::size_t>(d.steps[step].node)];
}

}  // namespace

std::string graph_picture(const graph& g, const planned_facts& f, bool inside) {
  return layout(g, f).svg(inside);
}

std::string time_picture(const planned_facts& f) {
  const plan_data& d = *f.plan;
  const double height = 170, most = std::max(1e-9, *std::max_element(f.ms.begin(), f.ms.end())),
               step_width = (chart_width - chart_left - 8) / static_cast<double>(f.ms.size());
  std::string s = frame(height, most, f.ms.size(), 0, step_width, milliseconds);
  for (std::size_t i = 0; i < f.ms.size(); ++i) {
    const node& n = node_of(d, i);
    const double h = f.ms[i] / most * height, macs = macs_of(d.source, n);
    s += "<rect class=\"fill " + std::string(kind_of(n)) + "\" x=\"" +
         at(chart_left + static_cast<double>(i) * step_width + step_width * 0.1) + "\" y=\"" +
         at(10 + height - h) + "\" width=\"" + at(step_width * 0.8) + "\" height=\"" + at(h) +
         "\"><title>step " + std::to_string(i) + ": " + markup_text(title_of(d.source, n)) + "\n" +
         markup_text(n.name) + "\n" + markup_text(d.steps[i].kernel_name) + "\n" +
         milliseconds(f.ms[i]) +
         (macs > 0 && f.ms[i] > 0 ? ", " + number(macs / f.ms[i] * 1e-6) + " GMAC/s" : "") +
         "</title></rect>\n";
  }
  return s + "</svg>\n";
}

std::string arena_picture(const planned_facts& f) {
  const plan_data& d = *f.plan;
  const double height = 240, most = std::max<double>(1, static_cast<double>(d.activation_bytes));
  // Columns for what is there before the first step and after the last.
  const double step_width =
      (chart_width - chart_left - 8) / static_cast<double>(d.steps.size() + 2);
  std::vector<const char*> kind(d.source.tensors.size(), "io");
  for (std::size_t i = 0; i < d.steps.size(); ++i)
    for (tensor_id t : node_of(d, i).out)
      if (t != no_tensor) kind[static_cast<std::size_t>(t)] = kind_of(node_of(d, i));
  std::string s =
      frame(height, most, d.steps.size(), 1, step_width, [](double v) { return byte_amount(v); });
  for (const tensor_life& l : lives_of(d)) {
    const tensor& t = d.source[l.tensor];
    const double y0 = static_cast<double>(l.offset) / most * height,
                 h = static_cast<double>(l.bytes) / most * height;
    s += "<rect class=\"fill " + std::string(kind[static_cast<std::size_t>(l.tensor)]) + "\" x=\"" +
         at(chart_left + static_cast<double>(l.first + 1) * step_width) + "\" y=\"" +
         at(10 + height - y0 - h) + "\" width=\"" +
         at(static_cast<double>(l.last - l.first + 1) * step_width) + "\" height=\"" +
         at(std::max(0.5, h)) + "\"><title>" + markup_text(t.name) + "\n" +
         markup_text(type_text(t)) + "\n" + byte_amount(static_cast<double>(l.bytes)) + " at " +
         std::to_string(l.offset) + ", steps " + std::to_string(l.first) + " to " +
         std::to_string(l.last) + "</title></rect>\n";
  }
  return s + "</svg>\n";
}

}  // namespace octet::tools
