// octet explain: what every operator of a model costs on this CPU, and why.
#include <cstdio>

#include "commands.hpp"
#include "json.hpp"
#include "octet/bench/ceiling.hpp"
#include "octet/kernels/target.hpp"
#include "octet/ops/list.hpp"
#include "timing.hpp"

namespace octet::tools {
namespace {

bool is_float_node(const graph& g, const node& n) {
  bool floats = false;
  for (tensor_id t : n.out)
    if (t != no_tensor) floats = floats || is_float(g[t].type);
  for (tensor_id t : n.in)
    if (t != no_tensor && !is_float(g[t].type) && g[t].type != dtype::s32 &&
        g[t].type != dtype::s64)
      floats = false;  // quantize, dequantize and hybrids belong to the quantized part
  return floats;
}

/// GMAC/s that the products of a node could have on these threads (bench::ceiling, measured once
/// for each kind); 0 where that is not known.
class ceilings {
 public:
  ceilings(target on, unsigned threads) : on_(on), threads_(threads) {}
  double of(octet::bench::products p) {
    auto& known = rates_[static_cast<std::size_t>(p)];
    if (!known) known = octet::bench::ceiling(on_, p) * 1e-9 * threads_;
    return *known;
  }

 private:
  target on_;
  unsigned threads_;
  std::optional<double> rates_[enumerators<octet::bench::products>.size()];
};

/// What is printed of a step.
struct step_facts {
  double macs = 0, bytes = 0, ms = 0;
  double rate = 0, most = 0;  // GMAC/s: measured, ceiling; 0: none
  bool is_float = false, is_scalar = false;
  std::vector<std::string> notes;
};
step_facts facts_of(const plan_data& d, const step& st, double ms, ceilings& best,
                    unsigned threads) {
  const node& n = d.source.nodes[static_cast<std::size_t>(st.node)];
  step_facts f;
  f.macs = macs_of(d.source, n), f.bytes = bytes_moved(d.source, n), f.ms = ms;
  f.rate = f.macs > 0 && ms > 0 ? f.macs / ms * 1e-6 : 0;
  f.most = f.rate > 0 ? best.of(octet::bench::products_of(d.source, n)) : 0;
  f.is_float = is_float_node(d.source, n);
  f.is_scalar = st.kernel == kernel_id::none && d.on != target::reference;
  if (f.is_float) {
    const std::string_view why = attribute_view(n.attrs).text("kept_float");
    f.notes.emplace_back(why.empty() ? "float in the file: no quantized form was given"
                                     : std::string(why));
  } else if (f.is_scalar) {
    f.notes.emplace_back("scalar: no SIMD kernel for this operator and types");
  }
  if (st.parts == 1 && threads > 1 && f.macs > 0) f.notes.emplace_back("one thread");
  return f;
}
void print_step(std::size_t i, const node& n, const step& st, const step_facts& f) {
  char mac_text[24] = "-", rate_text[24] = "-", of_text[24] = "-";
  if (f.macs > 0) std::snprintf(mac_text, sizeof mac_text, "%.3f", f.macs * 1e-6);
  if (f.rate > 0) std::snprintf(rate_text, sizeof rate_text, "%.1f", f.rate);
  if (f.most > 0) std::snprintf(of_text, sizeof of_text, "%.0f %%", 100 * f.rate / f.most);
  std::string note;
  for (const std::string& one : f.notes) note += (note.empty() ? "" : "; ") + one;
  std::printf(" %-5zu %-26s %-28s %-24s %9s %9.1f %9.4f %8s %10s  %s\n", i,
              std::string(n.op->name).c_str(), octet::detail::one_line(n.name).c_str(),
              st.kernel_name, mac_text, f.bytes * 1e-3, f.ms, rate_text, of_text, note.c_str());
}
json json_of(const node& n, const step& st, const step_facts& f) {
  return {{"operator", n.op->name},
          {"node", n.name},
          {"kernel", st.kernel_name},
          {"parts", st.parts},
          {"macs", whole(f.macs)},
          {"bytes_moved", whole(f.bytes)},
          {"median_ms", f.ms},
          {"gmacs_per_s", f.rate},
          {"of_ceiling", f.most > 0 ? f.rate / f.most : 0},
          {"notes", f.notes}};
}

}  // namespace

int explain(const explain_options& o) {
  loaded l = load_and_plan(o);
  if (l.code != done) return l.code;
  const plan_data& d = l.program.data();
  session s(l.program);
  const std::vector<double> median = profile(s, d);
  ceilings best(d.on, l.threads);
  const double of_bytes = best.of(octet::bench::products::of_8_bits);

  const bool text = o.json != "-";
  if (text) {
    std::printf(
        "# target %s, threads %u; ceiling: dot products on registers alone, %.1f GMAC/s of 8 bits "
        "in this run\n",
        std::string(name_of(d.on)).c_str(), l.threads, of_bytes);
    std::printf(" %-5s %-26s %-28s %-24s %9s %9s %9s %8s %10s  %s\n", "step", "operator", "node",
                "kernel", "MACs (M)", "bytes (K)", "ms", "GMAC/s", "of ceiling", "note");
  }
  double all_ms = 0;
  std::size_t scalars = 0, floats = 0;
  json steps = json::array();
  for (std::size_t i = 0; i < d.steps.size(); ++i) {
    const step& st = d.steps[i];
    const node& n = d.source.nodes[static_cast<std::size_t>(st.node)];
    const step_facts facts = facts_of(d, st, median[i], best, l.threads);
    all_ms += facts.ms;
    scalars += facts.is_scalar;
    floats += facts.is_float;
    if (text) print_step(i, n, st, facts);
    if (!o.json.empty()) steps.push_back(json_of(n, st, facts));
  }
  const totals all = totals_of(d.source);
  if (text)
    std::printf("# %zu steps, %.1f M MACs, %.3f ms, %.1f GMAC/s; %zu scalar, %zu float\n# %s\n",
                d.steps.size(), all.macs * 1e-6, all_ms,
                all_ms > 0 ? all.macs / all_ms * 1e-6 : 0.0, scalars, floats, text_of(all).c_str());
  if (!o.json.empty())
    if (auto w = put_json(o.json, {{"model", base_name(o.model)},
                                   {"law", name_of(d.source.arithmetic)},
                                   {"target", name_of(d.on)},
                                   {"threads", l.threads},
                                   {"version", OCTET_VERSION_STRING},
                                   {"ceiling_gmacs_per_s", of_bytes},
                                   {"totals", json_of(all)},
                                   {"ms", all_ms},
                                   {"scalar", scalars},
                                   {"float", floats},
                                   {"steps", std::move(steps)}});
        !w)
      return fail(w.error());
  return done;
}

}  // namespace octet::tools
