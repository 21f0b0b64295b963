#include <csignal>
#include <cstdio>

#include "commands.hpp"
#include "file.hpp"
#include "octet/graph/print.hpp"

namespace octet::tools {
namespace {

/// Graphviz: one box per node, edges labelled with the tensors' types. Constants are left out.
std::string dot_text(const graph& g) {
  const auto label = [](std::string s) {
    std::string q;
    for (char c : s) {
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
    s += "  n" + std::to_string(i) + " [label=\"" + std::string(n.op->name) +
         (n.round == rounding::none ? "" : "\\nrounding " + std::string(name_of(n.round))) +
         "\", tooltip=\"" + label(n.name) + "\"];\n";
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

/// The layout is Graphviz's: its `dot` reads the text from a pipe and writes the file itself.
status write_svg(const std::string& file, const std::string& dot) {
  const auto failed = [&](std::string what, std::string found) {
    return error_info{errc::io,
                      std::move(what),
                      file,
                      {},
                      {},
                      std::move(found),
                      "--svg needs Graphviz's `dot` program"};
  };
  if (std::FILE* f = std::fopen(file.c_str(), "wb"))
    std::fclose(f);
  else
    return failed("picture", "a file that can't be written");
  std::string quoted;
  for (char c : file) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  std::signal(SIGPIPE, SIG_IGN);  // where there is no `dot`, the write below would end this process
  std::FILE* p = popen(("dot -Tsvg -o '" + quoted + "' 2>/dev/null").c_str(), "w");
  if (!p) return failed("dot", "it could not be started");
  std::fwrite(dot.data(), 1, dot.size(), p);
  const int code = pclose(p);
  if (code != 0) return failed("dot", "it failed or is not installed");
  return unit{};
}
status write_pictures(const show_options& o, const graph& g) {
  if (!o.dot.empty())
    if (auto w = write_file(o.dot, dot_text(g)); !w) return w.error();
  if (!o.svg.empty()) return write_svg(o.svg, dot_text(g));
  return unit{};
}

}  // namespace

int show(const show_options& o) {
  std::string text;
  if (o.plan) {
    loaded l = load_and_plan(o);
    if (l.code != done) return l.code;
    const plan_data& d = l.program.data();
    text = to_string(d.source);
    text += "# plan: target " + std::string(name_of(d.on)) + ", threads " +
            std::to_string(l.threads) + ", activations " + std::to_string(d.activation_bytes) +
            " bytes, scratch " + std::to_string(d.scratch_bytes) + " bytes a thread, state " +
            std::to_string(d.state_bytes) + " bytes, params and packed weights " +
            std::to_string(l.program.weight_bytes()) + " bytes\n";
    for (std::size_t i = 0; i < d.steps.size(); ++i) {
      const step& s = d.steps[i];
      const node& n = d.source.nodes[static_cast<std::size_t>(s.node)];
      text += "# step " + std::to_string(i) + ": " + std::string(n.op->name) + " " + n.name + ", " +
              s.kernel_name + ", parts " + std::to_string(s.parts) + ", arena";
      for (std::uint32_t k = 0; k < s.outputs; ++k) {
        const tensor_id t = d.operands[s.first_out + k];
        const placement& w = d.where[static_cast<std::size_t>(t)];
        const std::size_t bytes = bytes_of(d.source[t].shape.elements(), d.source[t].type).value;
        text += " %" + std::to_string(t) + " at " + std::to_string(w.offset) + "+" +
                std::to_string(bytes);
      }
      text += "\n";
    }
    if (auto w = write_pictures(o, d.source); !w) return fail(w.error());
  } else {
    const auto load = load_options_of(o);
    if (!load) return bad_usage;
    auto g = load_model(o.model, *load);
    if (!g) return fail(g.error());
    if (auto v = verify(*g); !v) return fail(v.error());
    text = to_string(*g);
    if (auto w = write_pictures(o, *g); !w) return fail(w.error());
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  return done;
}

}  // namespace octet::tools
