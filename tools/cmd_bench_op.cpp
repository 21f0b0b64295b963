// octet bench-op: how fast one operator is, on which kernel, and how far from the ceiling.
#include <algorithm>
#include <charconv>
#include <cstdio>

#include "commands.hpp"
#include "json.hpp"
#include "octet/bench/op.hpp"
#include "rival.hpp"

namespace octet::tools {
namespace {

using bench::op_result;

std::string_view brief_name(dtype t) {
  switch (t) {
    case dtype::u8: return "u8";
    case dtype::s8: return "s8";
    case dtype::u16: return "u16";
    case dtype::s16: return "s16";
    case dtype::u32: return "u32";
    case dtype::s32: return "s32";
    case dtype::u64: return "u64";
    case dtype::s64: return "s64";
    case dtype::f16: return "f16";
    case dtype::f32: return "f32";
    case dtype::f64: return "f64";
    case dtype::boolean: return "bool";
  }
  return no_enumerator;
}
std::optional<dtype> type_of(std::string_view name) {
  for (const dtype t : enumerators<dtype>)
    if (name == brief_name(t)) return t;
  return enumerator_named<dtype>(name);
}

/// "2", "0.5", "0,3,1,2", "[3]": an integer, a real number, lists, with the brackets of
/// `octet show` or without.
std::optional<attributes::value> value_of(std::string_view text) {
  std::vector<std::int64_t> integers;
  std::vector<double> reals;
  bool real = false, list = text.size() > 2 && text.front() == '[' && text.back() == ']';
  if (list) text = text.substr(1, text.size() - 2);
  for (const char *at = text.data(), *end = at + text.size();;) {
    const char* next = std::find(at, end, ',');
    std::int64_t i = 0;
    double d = 0;
    const auto as_integer = std::from_chars(at, next, i);
    const auto as_real = std::from_chars(at, next, d);
    if (as_real.ec != std::errc() || as_real.ptr != next) return std::nullopt;
    real = real || as_integer.ec != std::errc() || as_integer.ptr != next;
    integers.push_back(i), reals.push_back(d);
    if (next == end) break;
    at = next + 1;
    list = true;
  }
  if (real) return list ? attributes::value(reals) : attributes::value(reals[0]);
  return list ? attributes::value(integers) : attributes::value(integers[0]);
}

struct request {
  bench::node_options node;
  bench::op_choice choice;
  bench::timing_options timing;
};
/// Empty (message given) where the options do not read.
std::optional<request> request_of(const bench_op_options& o) {
  request r;
  const auto wrong = [](const std::string& message) {
    fail(bad_usage, message);
    return std::nullopt;
  };
  std::vector<std::string> shapes = o.shapes;
  if (!o.w.empty()) shapes.insert(shapes.begin(), o.w);
  if (!o.x.empty()) shapes.insert(shapes.begin(), o.x);
  if (o.x.empty() && !shapes.empty()) return wrong("--w and --shape need --x, the first input's");
  if (o.w.empty() && !o.shapes.empty()) return wrong("--shape needs --w, the second input's");
  for (const std::string& s : shapes) {
    const auto d = dims_of(s);
    if (!d) return wrong("shape " + s + ": expected 1,56,56,64");
    r.node.shapes.push_back(*d);
  }
  for (const std::string& a : o.attributes) {
    const std::size_t eq = a.find('=');
    const auto v =
        eq == a.npos || eq == 0 ? std::nullopt : value_of(std::string_view(a).substr(eq + 1));
    if (!v) return wrong("--attr " + a + ": expected NAME=2, NAME=0.5 or NAME=0,3,1,2");
    r.node.attrs.set(a.substr(0, eq), *v);
  }
  for (const auto* list : {&o.types, &o.out_types})
    for (const std::string& name : *list) {
      const auto t = type_of(name);
      if (!t) return wrong("element type " + name + ": no such type (s8, u8, s16, f32, ...)");
      (list == &o.types ? r.choice.in : r.choice.out).push_back(*t);
    }
  if (!o.numerics.empty()) {
    const auto l = law_of(o.numerics, false);
    if (!l) return std::nullopt;
    r.choice.arithmetic = *l;
  }
  if (!o.rounding.empty()) {
    r.choice.round = enumerator_named<rounding>(o.rounding);
    if (!r.choice.round) return wrong("--rounding " + o.rounding + ": see docs/numerics.md");
  }
  if (!o.targets.empty()) r.timing.on.clear();
  for (const std::string& name : o.targets) {
    if (name == "all") {
      for (const target t : usable_targets()) r.timing.on.push_back(t);
      continue;
    }
    const auto t = target_of(name);
    if (!t) return wrong("target " + name + ": no such target; see `octet info`");
    r.timing.on.push_back(*t);
  }
  if (!o.threads.empty()) r.timing.threads = o.threads;
  r.timing.seconds = o.seconds;
  if (!o.vs.empty()) {
    auto other = rival_named(o.vs);
    if (!other) {
      fail(bad_usage, "--vs " + other.error().message());
      return std::nullopt;
    }
    r.timing.rivals.push_back(std::move(*other));
  }
  return r;
}

/// Empty for another library, which chooses its own.
std::string target_name(const bench::op_row& row) {
  return row.library == "octet" ? std::string(name_of(row.on)) : std::string();
}
json json_of(const op_result& r) {
  json rows = json::array();
  for (const bench::op_row& row : r.rows)
    rows.push_back({{"library", row.library},
                    {"target", target_name(row)},
                    {"threads", row.threads},
                    {"kernel", row.kernel},
                    {"same_as_reference", row.same},
                    {"us", row.best_us},
                    {"median_us", row.median_us},
                    {r.macs > 0 ? "gmacs_per_s" : "gbytes_per_s", row.rate * 1e-9},
                    {"ceiling", row.ceiling * 1e-9},
                    {"of_ceiling", row.ceiling > 0 ? row.rate / row.ceiling : 0}});
  return {{"operator", r.op},       {"operands", r.operands}, {"rounding", name_of(r.round)},
          {"attributes", r.attrs},  {"macs", whole(r.macs)},  {"bytes", whole(r.bytes)},
          {"rows", std::move(rows)}};
}
constexpr const char* csv_head =
    "operator,operands,rounding,attributes,target,threads,kernel,same_as_reference,us,median_us,"
    "macs,bytes,gmacs_or_gbytes_per_s,ceiling,of_ceiling,library\n";
std::string csv_of(const op_result& r) {
  std::string s;
  char b[200];
  for (const bench::op_row& row : r.rows) {
    s += r.op + ",\"" + r.operands + "\"," + std::string(name_of(r.round)) + ",\"" + r.attrs +
         "\"," + target_name(row) + ",";
    std::snprintf(b, sizeof b, "%u,\"%s\",%d,%.4f,%.4f,%.0f,%.0f,%.4f,%.4f,%.4f,", row.threads,
                  row.kernel.c_str(), row.same ? 1 : 0, row.best_us, row.median_us, r.macs, r.bytes,
                  row.rate * 1e-9, row.ceiling * 1e-9,
                  row.ceiling > 0 ? row.rate / row.ceiling : 0.0);
    s += b + row.library + "\n";
  }
  return s;
}

}  // namespace

int bench_op(const bench_op_options& o) {
  const auto r = request_of(o);
  if (!r) return bad_usage;
  const bool everything = o.op == "all";
  if (everything && !r->node.shapes.empty())
    return fail(bad_usage, "shapes of all operators: each has its own");
  std::vector<std::string> names;
  if (!everything) names.push_back(o.op);
  for (const op_def* op : builtin_operators())
    if (everything) names.emplace_back(op->name);

  if (o.json == "-" && o.csv == "-")
    return fail(bad_usage, "--json - and --csv -: standard output takes one of them");
  const bool text = o.json != "-" && o.csv != "-";
  int code = done;
  json results = json::array();
  std::string table = csv_head;
  const auto take = [&](const result<graph>& g, const std::string& name) {
    auto made = g ? bench::time_node(*g, r->timing) : result<op_result>(g.error());
    if (!made) {
      made.error().node = name;
      // Of all operators some have no form of these types, some no kernel under this law.
      if (everything && made.error().code == errc::unsupported)
        std::fprintf(stderr, "octet: note: %s\n",
                     octet::detail::one_line(made.error().message()).c_str());
      else
        code = fail(made.error());
      return;
    }
    if (text) std::printf("%s\n", bench::to_string(*made).c_str()), std::fflush(stdout);
    results.push_back(json_of(*made));
    table += csv_of(*made);
    if (!made->same() && code == done) code = differs;
  };
  for (const std::string& name : names) {
    if (!o.forms) {
      take(bench::make_node(name, r->choice, r->node), name);
      continue;
    }
    auto all = bench::choices_for(name, r->choice);
    if (!all) {
      take(all.error(), name);
      continue;
    }
    for (const bench::choice& c : *all)
      if (!everything || c.op->name == name) take(bench::make_node(c, r->node), name);
  }
  if (!o.json.empty())
    if (auto w = put_json(o.json, {{"version", OCTET_VERSION_STRING},
                                   {"law", name_of(r->choice.arithmetic)},
                                   {"results", std::move(results)}});
        !w)
      return fail(w.error());
  if (o.csv == "-") std::fwrite(table.data(), 1, table.size(), stdout);
  if (!o.csv.empty() && o.csv != "-")
    if (auto w = write_file(o.csv, table); !w) return fail(w.error());
  return code;
}

}  // namespace octet::tools
