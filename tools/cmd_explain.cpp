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
    const double macs = macs_of(d.source, n), bytes = bytes_moved(d.source, n), ms = median[i];
    const double rate = macs > 0 && ms > 0 ? macs / ms * 1e-6 : 0;
    const double most = rate > 0 ? best.of(octet::bench::products_of(d.source, n)) : 0;
    char mac_text[24] = "-", rate_text[24] = "-", of_text[24] = "-";
    if (macs > 0) std::snprintf(mac_text, sizeof mac_text, "%.3f", macs * 1e-6);
    if (rate > 0) std::snprintf(rate_text, sizeof rate_text, "%.1f", rate);
    if (most > 0) std::snprintf(of_text, sizeof of_text, "%.0f %%", 100 * rate / most);
    std::vector<std::string> notes;
    const bool is_float_step = is_float_node(d.source, n);
    if (is_float_step) {
      ++floats;
      const std::string_view why = attribute_view(n.attrs).text("kept_float");
      notes.emplace_back(why.empty() ? "float in the file: no quantized form was given"
                                     : std::string(why));
    }
    if (st.kernel == kernel_id::none && d.on != target::reference) {
      ++scalars;
      if (!is_float_step) notes.emplace_back("scalar: no SIMD kernel for this operator and types");
    }
    if (st.parts == 1 && l.threads > 1 && macs > 0) notes.emplace_back("one thread");
    all_ms += ms;
    std::string note;
    for (const std::string& one : notes) note += (note.empty() ? "" : "; ") + one;
    if (text)
      std::printf(" %-5zu %-26s %-28s %-24s %9s %9.1f %9.4f %8s %10s  %s\n", i,
                  std::string(n.op->name).c_str(), octet::detail::one_line(n.name).c_str(),
                  st.kernel_name, mac_text, bytes * 1e-3, ms, rate_text, of_text, note.c_str());
    if (!o.json.empty())
      steps.push_back({{"operator", n.op->name},
                       {"node", n.name},
                       {"kernel", st.kernel_name},
                       {"parts", st.parts},
                       {"macs", whole(macs)},
                       {"bytes_moved", whole(bytes)},
                       {"median_ms", ms},
                       {"gmacs_per_s", rate},
                       {"of_ceiling", most > 0 ? rate / most : 0},
                       {"notes", notes}});
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
