#include "page.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <numeric>

#include "cost.hpp"

namespace octet::tools {
namespace {

std::string decimals(double v, int n) {
  char b[40];
  std::snprintf(b, sizeof b, "%.*f", n, v);
  return b;
}
std::string cell(const std::string& text, const char* style = "") {
  return std::string("<td") + style + ">" + text + "</td>";
}
constexpr const char* right = " class=\"n\"";

struct class_sum {
  std::size_t count = 0;
  double ms = 0, macs = 0;
};

constexpr const char* style = R"(
body{font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
  color:#1e293b;background:#f1f5f9;margin:0}
main{max-width:1560px;margin:0 auto;padding:20px 24px 48px}
h1{font-size:22px;margin:0 0 2px}
h2{font-size:15px;margin:0 0 8px}
p{margin:0 0 10px;color:#475569}
section{background:#fff;border:1px solid #e2e8f0;border-radius:10px;padding:14px 18px;
  margin-top:14px;overflow-x:auto}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:10px;
  margin-top:14px}
.facts div{background:#fff;border:1px solid #e2e8f0;border-radius:10px;padding:10px 14px}
.facts b{display:block;font-size:18px}
.facts span{color:#64748b;font-size:12px}
table{border-collapse:collapse;font-size:12.5px}
th,td{text-align:left;padding:3px 12px 3px 0;white-space:nowrap;border-bottom:1px solid #f1f5f9}
th{color:#64748b;font-weight:600}
.n{text-align:right;font-variant-numeric:tabular-nums}
.key{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:6px;
  vertical-align:-1px;border:1px solid;background:var(--b);border-color:var(--c)}
section>svg{max-width:100%;height:auto;display:block}
section.graph>svg{max-width:none}
.k-conv{--b:#dbeafe;--c:#2563eb}.k-depthwise{--b:#ccfbf1;--c:#0d9488}.k-dense{--b:#ede9fe;
  --c:#7c3aed}
.k-elementwise{--b:#dcfce7;--c:#16a34a}.k-pool{--b:#ffedd5;--c:#ea580c}.k-movement{--b:#f1f5f9;
  --c:#64748b}
.k-quantize{--b:#fef9c3;--c:#ca8a04}.k-activation{--b:#fce7f3;--c:#db2777}
@media print{body{background:#fff}section{break-inside:avoid}}
)";

std::string colored(const char* kind, const std::string& text) {
  return cell("<span class=\"key k-" + std::string(kind) + "\"></span>" + markup_text(text));
}
std::string head_of(const std::string& title, const planned_facts& f, unsigned threads) {
  const std::string name = markup_text(title);
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
         "name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta "
         "name=\"generator\" content=\"octet " OCTET_VERSION_STRING "\">\n<title>" +
         name + "</title>\n<style>" + style + picture_style +
         "</style>\n</head>\n<body>\n<main>\n<h1>" + name + "</h1>\n<p>law " +
         std::string(name_of(f.plan->source.arithmetic)) + " &middot; target " +
         std::string(name_of(f.plan->on)) + " &middot; " + std::to_string(threads) +
         (threads == 1 ? " thread" : " threads") + " &middot; octet " OCTET_VERSION_STRING "</p>\n";
}
double total_ms(const planned_facts& f) { return std::accumulate(f.ms.begin(), f.ms.end(), 0.0); }
std::string facts_of(const planned_facts& f, std::size_t weight_bytes) {
  const plan_data& d = *f.plan;
  const totals all = totals_of(d.source);
  const double ms = total_ms(f);
  std::string s = "<div class=\"facts\">\n";
  const auto fact = [&](const std::string& value, const char* what) {
    s += "<div><b>" + value + "</b><span>" + what + "</span></div>\n";
  };
  fact(decimals(ms, ms < 0.1 ? 4 : 3) + " ms", "one run, the sum of the operators' medians");
  fact(std::to_string(d.steps.size()), "steps");
  fact(amount(all.parameters), "parameters");
  fact(byte_amount(all.parameter_bytes), "weights in the file");
  fact(amount(all.macs), "multiply-accumulates");
  if (ms > 0 && all.macs > 0) fact(decimals(all.macs / ms * 1e-6, 1), "GMAC/s");
  fact(byte_amount(static_cast<double>(d.activation_bytes)), "arena");
  fact(byte_amount(static_cast<double>(weight_bytes)), "packed weights and parameters");
  if (d.scratch_bytes != 0)
    fact(byte_amount(static_cast<double>(d.scratch_bytes)), "scratch a thread");
  if (d.state_bytes != 0) fact(byte_amount(static_cast<double>(d.state_bytes)), "state");
  return s + "</div>\n";
}
/// The operators, slowest first.
std::string operator_table(const planned_facts& f) {
  const plan_data& d = *f.plan;
  const double ms = total_ms(f);
  std::map<std::string, std::pair<const char*, class_sum>> by_operator;
  for (std::size_t i = 0; i < d.steps.size(); ++i) {
    const node& n = d.source.nodes[static_cast<std::size_t>(d.steps[i].node)];
    auto& [kind, sum] = by_operator[std::string(n.op->name)];
    kind = kind_of(n);
    ++sum.count;
    sum.ms += f.ms[i];
    sum.macs += macs_of(d.source, n);
  }
  std::vector<std::pair<std::string, std::pair<const char*, class_sum>>> sorted(by_operator.begin(),
                                                                                by_operator.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second.second.ms > b.second.second.ms;
  });
  std::string s =
      "<table><tr><th>operator</th><th class=\"n\">steps</th><th class=\"n\">ms</th><th "
      "class=\"n\">%</th><th class=\"n\">MACs</th><th class=\"n\">GMAC/s</th></tr>\n";
  for (const auto& [op, row] : sorted) {
    const auto& [kind, sum] = row;
    s += "<tr>" + colored(kind, op) + cell(std::to_string(sum.count), right) +
         cell(decimals(sum.ms, 4), right) +
         cell(decimals(ms > 0 ? 100 * sum.ms / ms : 0, 1), right) +
         cell(sum.macs > 0 ? amount(sum.macs) : "", right) +
         cell(sum.macs > 0 && sum.ms > 0 ? decimals(sum.macs / sum.ms * 1e-6, 1) : "", right) +
         "</tr>\n";
  }
  return s + "</table>\n";
}
std::string step_table(const planned_facts& f) {
  const plan_data& d = *f.plan;
  std::string s =
      "<table><tr><th "
      "class=\"n\">step</th><th>operator</th><th>what</th><th>node</th><th>kernel</th><th "
      "class=\"n\">parts</th><th class=\"n\">MACs</th><th class=\"n\">ms</th><th "
      "class=\"n\">GMAC/s</th></tr>\n";
  for (std::size_t i = 0; i < d.steps.size(); ++i) {
    const step& st = d.steps[i];
    const node& n = d.source.nodes[static_cast<std::size_t>(st.node)];
    const double macs = macs_of(d.source, n);
    s += "<tr>" + cell(std::to_string(i), right) + colored(kind_of(n), title_of(d.source, n)) +
         cell(markup_text(summary_of(d.source, n))) + cell(markup_text(n.name, 60)) +
         cell(markup_text(st.kernel_name)) + cell(std::to_string(st.parts), right) +
         cell(macs > 0 ? amount(macs) : "", right) + cell(decimals(f.ms[i], 4), right) +
         cell(macs > 0 && f.ms[i] > 0 ? decimals(macs / f.ms[i] * 1e-6, 1) : "", right) + "</tr>\n";
  }
  return s + "</table>\n";
}
std::string section(const char* title, const std::string& inside, const char* kind = "") {
  return "<section" + std::string(kind) + ">\n<h2>" + title + "</h2>\n" + inside + "</section>\n";
}

}  // namespace

std::string page(const std::string& title, const planned_facts& f, unsigned threads,
                 std::size_t weight_bytes) {
  return head_of(title, f, threads) + facts_of(f, weight_bytes) +
         section("Time by step", (f.ms.empty() ? "" : time_picture(f)) + operator_table(f)) +
         section("Arena by step",
                 "<p>Each block is a tensor: as wide as it lives, as high as it is large, where it "
                 "lies.</p>\n" +
                     (f.plan->activation_bytes != 0 ? arena_picture(f)
                                                    : std::string("<p>No activations.</p>\n"))) +
         section("Graph",
                 "<p>Read columns from left to right. The red bar is a step's share of the slowest "
                 "step's time; boxes and lines tell more under the pointer.</p>\n" +
                     graph_picture(f.plan->source, f, true),
                 " class=\"graph\"") +
         section("Steps", step_table(f)) + "</main>\n</body>\n</html>\n";
}

}  // namespace octet::tools
