// octet show: a model's graph as text, picture, page and JSON.
#include <cstdio>

#include "commands.hpp"
#include "json.hpp"
#include "octet/graph/print.hpp"
#include "page.hpp"
#include "timing.hpp"

namespace octet::tools {
namespace {

/// Graphviz: one box per node, edges labelled with the tensors' types. Constants are left out.
std::string dot_text(const graph& g) {
  const auto label = [](const std::string& s) {
    std::string q;
    for (char c : octet::detail::one_line(s)) {
      if (c == '"' || c == '\\') q += '\\';
      q += c;
    }
    return q;
  };
  std::string s =
      "digraph octet {\n  node [shape=box, fontname=\"sans-serif\", fontsize=10];\n  edge "
      "[fontname=\"sans-serif\", fontsize=8];\n";
  std::vector<std::string> from(g.tensors.size());
  for (std::size_t i = 0; i < g.inputs.size(); ++i) {
    const auto t = static_cast<std::size_t>(g.inputs[i]);
    from[t] = "in" + std::to_string(i);
    s += "  " + from[t] + " [label=\"" + label(g.tensors[t].name) + "\", shape=ellipse];\n";
  }
  for (std::size_t i = 0; i < g.nodes.size(); ++i) {
    const node& n = g.nodes[i];
    const std::string summary = summary_of(g, n);
    const double macs = macs_of(g, n);
    s += "  n" + std::to_string(i) + " [label=\"" + label(title_of(g, n)) +
         (summary.empty() ? "" : "\\n" + label(summary)) +
         (n.round == rounding::none ? "" : "\\nrounding " + std::string(name_of(n.round))) +
         (macs > 0 ? "\\n" + amount(macs) + " MACs" : "") + "\", tooltip=\"" + label(n.name) +
         "\"];\n";
    for (tensor_id t : n.in)
      if (t != no_tensor && !from[static_cast<std::size_t>(t)].empty())
        s += "  " + from[static_cast<std::size_t>(t)] + " -> n" + std::to_string(i) + " [label=\"" +
             label(type_text(g[t])) + "\"];\n";
    for (tensor_id t : n.out)
      if (t != no_tensor) from[static_cast<std::size_t>(t)] = "n" + std::to_string(i);
  }
  for (std::size_t i = 0; i < g.outputs.size(); ++i) {
    const auto t = static_cast<std::size_t>(g.outputs[i]);
    s += "  out" + std::to_string(i) + " [label=\"" + label(g.tensors[t].name) +
         "\", shape=ellipse];\n";
    if (!from[t].empty())
      s += "  " + from[t] + " -> out" + std::to_string(i) + " [label=\"" +
           label(type_text(g.tensors[t])) + "\"];\n";
  }
  return s + "}\n";
}

std::string plan_text(const planned_facts& f, const loaded& l) {
  const plan_data& d = *f.plan;
  std::string text =
      "# plan: target " + std::string(name_of(d.on)) + ", threads " + std::to_string(l.threads) +
      ", activations " + std::to_string(d.activation_bytes) + " bytes, scratch " +
      std::to_string(d.scratch_bytes) + " bytes a thread, state " + std::to_string(d.state_bytes) +
      " bytes, params and packed weights " + std::to_string(l.program.weight_bytes()) + " bytes\n";
  for (std::size_t i = 0; i < d.steps.size(); ++i) {
    const step& s = d.steps[i];
    const node& n = d.source.nodes[static_cast<std::size_t>(s.node)];
    text += "# step " + std::to_string(i) + ": " + std::string(n.op->name) + " " +
            octet::detail::one_line(n.name) + ", " + s.kernel_name + ", parts " +
            std::to_string(s.parts) + ", arena";
    for (std::uint32_t k = 0; k < s.outputs; ++k) {
      const tensor_id t = d.operands[s.first_out + k];
      const placement& w = d.where[static_cast<std::size_t>(t)];
      const std::size_t bytes = bytes_of(d.source[t].shape.elements(), d.source[t].type).value;
      text += " %" + std::to_string(t) + " at " + std::to_string(w.offset) + "+" +
              std::to_string(bytes);
    }
    if (!f.ms.empty()) {
      char ms[32];
      std::snprintf(ms, sizeof ms, ", %.4f ms", f.ms[i]);
      text += ms;
    }
    text += "\n";
  }
  return text;
}

json attributes_of(const node& n) {
  json j = json::object();
  for (const auto& entry : n.attrs.entries())
    entry.second.visit([&](const auto& v) { j[entry.first] = v; });
  return j;
}
json graph_json(const graph& g, const planned_facts& f) {
  json tensors = json::array(), nodes = json::array();
  for (const tensor& t : g.tensors) {
    json j = octet::tools::json_of(t);
    if (t.role != tensor::kind::value)
      j["role"] = t.role == tensor::kind::constant ? "constant" : "state";
    tensors.push_back(std::move(j));
  }
  for (const node& n : g.nodes) {
    json j{{"operator", n.op->name}, {"name", n.name}, {"inputs", n.in}, {"outputs", n.out}};
    if (n.round != rounding::none) j["rounding"] = name_of(n.round);
    if (!n.attrs.entries().empty()) j["attributes"] = attributes_of(n);
    if (const std::string a = activation_of(g, n); !a.empty()) j["activation"] = a;
    if (const double macs = macs_of(g, n); macs > 0) j["macs"] = whole(macs);
    nodes.push_back(std::move(j));
  }
  json j{{"model", base_name(g.name)},
         {"law", name_of(g.arithmetic)},
         {"version", OCTET_VERSION_STRING},
         {"totals", json_of(totals_of(g))},
         {"inputs", g.inputs},
         {"outputs", g.outputs},
         {"tensors", std::move(tensors)},
         {"nodes", std::move(nodes)}};
  if (!f.plan) return j;
  const plan_data& d = *f.plan;
  json steps = json::array(), arena = json::array();
  for (std::size_t i = 0; i < d.steps.size(); ++i) {
    const step& s = d.steps[i];
    steps.push_back({{"node", s.node}, {"kernel", s.kernel_name}, {"parts", s.parts}});
    if (!f.ms.empty()) steps.back()["median_ms"] = f.ms[i];
  }
  for (const tensor_life& l : lives_of(d))
    arena.push_back({{"tensor", l.tensor},
                     {"offset", l.offset},
                     {"bytes", l.bytes},
                     {"first_step", l.first},
                     {"last_step", l.last}});
  j["plan"] = {{"target", name_of(d.on)},
               {"threads", d.options.threads},
               {"activation_bytes", d.activation_bytes},
               {"scratch_bytes_a_thread", d.scratch_bytes},
               {"state_bytes", d.state_bytes},
               {"weight_bytes", d.memory.total().value},
               {"steps", std::move(steps)},
               {"arena", std::move(arena)}};
  return j;
}

/// Writes what was asked for; text only where nothing else was.
int put(const show_options& o, const graph& g, const planned_facts& f, const loaded& l) {
  const auto wrote = [](const status& s) { return s ? done : fail(s.error()); };
  int code = done;
  if (!o.dot.empty()) code = wrote(write_file(o.dot, dot_text(g)));
  if (code == done && !o.svg.empty()) code = wrote(write_file(o.svg, graph_picture(g, f)));
  if (code == done && !o.html.empty())
    code =
        wrote(write_file(o.html, page(base_name(o.model), f, l.threads, l.program.weight_bytes())));
  if (code == done && !o.json.empty()) code = wrote(put_json(o.json, graph_json(g, f)));
  if (!o.dot.empty() || !o.svg.empty() || !o.html.empty() || !o.json.empty()) return code;
  const std::string text = to_string(g) + "# " + text_of(totals_of(g)) + "\n" +
                           (f.plan ? plan_text(f, l) : std::string());
  std::fwrite(text.data(), 1, text.size(), stdout);
  return done;
}

/// Before anything is run: whether the pictures that are asked for are ones that can be drawn.
status can_draw(const show_options& o, const graph& g) {
  const std::size_t boxes = g.inputs.size() + g.nodes.size() + g.outputs.size();
  if ((o.svg.empty() && o.html.empty()) || boxes <= most_boxes) return unit{};
  return error_info{errc::too_large,
                    "boxes of a picture",
                    o.model,
                    {},
                    {},
                    std::to_string(boxes),
                    "at most " + std::to_string(most_boxes) + "; --dot has no limit"};
}

}  // namespace

int show(const show_options& o) {
  planned_facts f;
  loaded l;
  if (o.plan || o.profile || !o.html.empty()) {
    l = load_and_plan(o);
    if (l.code != done) return l.code;
    f.plan = &l.program.data();
    if (auto d = can_draw(o, l.program.source()); !d) return fail(d.error());
    if (o.profile || !o.html.empty()) {
      session s(l.program);
      f.ms = profile(s, *f.plan);
    }
    return put(o, l.program.source(), f, l);
  }
  const auto load = load_options_of(o);
  if (!load) return bad_usage;
  auto g = load_model(o.model, *load);
  if (!g) return fail(g.error());
  if (auto v = verify(*g, load->max); !v) return fail(v.error());
  if (auto d = can_draw(o, *g); !d) return fail(d.error());
  return put(o, *g, f, l);
}

}  // namespace octet::tools
