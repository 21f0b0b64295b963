// One operator timed: octet::bench::op("conv2d", {...}). The node is made up as far as it is not
// given (made_up.hpp), each target's output is compared with the reference bit for bit, and only
// then the targets and thread numbers are timed in turns, against the ceiling of the same run.
#ifndef OCTET_BENCH_OP_HPP_
#define OCTET_BENCH_OP_HPP_

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>

#include "octet/bench/ceiling.hpp"
#include "octet/bench/made_up.hpp"
#include "octet/bench/same.hpp"
#include "octet/core/granular.hpp"
#include "octet/graph/cost.hpp"
#include "octet/graph/print.hpp"
#include "octet/kernels/every_kernel.hpp"
#include "octet/runtime/session.hpp"

OCTET_NAMESPACE_BEGIN
namespace bench {

/// What another library computes of a node, on the same inputs and constants.
struct rival_call {
  std::function<void()> run;
  std::function<std::vector<std::byte>()> output;  // of the node's first output, after a run
};
/// Another library beside octet.
struct rival {
  std::string name;
  /// The graph's node (of make_node) ready to run with that many threads; unsupported: it has no
  /// such operator. Refers to the graph.
  std::function<result<rival_call>(const graph&, unsigned threads)> start;
};

/// How a node is measured.
struct timing_options {
  std::vector<target> on{target::automatic};
  std::vector<unsigned> threads{1};
  double seconds = 0.2;         // of measuring, for each target and number of threads
  std::vector<rival> rivals{};  // measured in the same turns, with each number of threads
};
struct op_options {
  std::vector<dims> shapes{};        // of the inputs in order; weights and biases are inputs
  attributes attrs{};                // of the operator, as `octet show` prints them
  std::vector<dtype> in{}, out{};    // element types in order; absent ones are the usual
  law arithmetic = law::tflite_ref;  // decides the rounding
  std::optional<rounding> round{};   // this rounding, whatever the law says
  dims image{1, 56, 56, 64};         // shapes that are not given are made of its extents
  timing_options timing{};
};

/// One target, or another library, and number of threads.
struct op_row {
  std::string library = "octet";  // another one's rows have no target and no kernel
  target on = target::reference;
  unsigned threads = 1;
  std::string kernel;                 // "reference" where the target has none for this form
  bool same = false;                  // output as the reference's; else octet is not timed
  double best_us = 0, median_us = 0;  // one run; the median of the measurements
  double rate = 0;     // of the best: products a second, or bytes where there are none
  double ceiling = 0;  // of as many threads, in the same unit; 0: not known
};
struct op_result {
  std::string op, operands, attrs;  // "qnn.conv2d", "int8[1,56,56,64], ... -> int8[1,56,56,64]"
  rounding round = rounding::none;
  law arithmetic = law::tflite_ref;
  double macs = 0, bytes = 0;  // a run: products, bytes read and written once
  std::vector<op_row> rows;

  /// Every row of octet has the reference's bits.
  bool same() const {
    return std::all_of(rows.begin(), rows.end(),
                       [](const op_row& r) { return r.same || r.library != "octet"; });
  }
};

/// What a session's outputs hold.
using output_bytes = std::vector<std::vector<std::byte>>;
inline output_bytes outputs_of(session& s) {
  output_bytes all;
  for (std::size_t i = 0; i < s.outputs(); ++i) {
    const const_tensor_view y = s.output(i).view();
    const auto* from = static_cast<const std::byte*>(y.data);
    all.emplace_back(from, from + y.size_bytes());
  }
  return all;
}
inline bool same_outputs(const graph& g, const output_bytes& a, const output_bytes& b) {
  for (std::size_t k = 0; k < a.size(); ++k)
    if (!same_elements(a[k], b[k], g[g.outputs[k]].type)) return false;
  return true;
}
/// The node as it is, planned and run once on its own inputs.
inline result<session> start(const graph& g, target on, unsigned threads) {
  plan_options o;
  o.on = on;
  o.threads = threads;
  o.optimize = false;
  auto p = try_compile(g, o);
  if (!p) return p.error();
  auto s = try_session(*p);
  if (!s) return s.error();
  for (std::size_t i = 0; i < s->inputs(); ++i) {
    const tensor& t = g[g.inputs[i]];
    if (auto e = s->input(i).try_assign(const_tensor_view{t.data.bytes.data(), t.type, t.shape});
        !e)
      return e.error();
  }
  s->run();
  return s;
}

namespace detail {

inline std::string text_of_attributes(const attributes& a) {
  std::string s;
  for (const auto& [key, v] : a.entries())
    s += (s.empty() ? "" : " ") + key + "=" + octet::detail::text(v);
  return s;
}
inline std::string text_of_operands(const graph& g, const node& n) {
  const auto list = [&](const std::vector<tensor_id>& ids) {
    std::string s;
    for (const tensor_id t : ids)
      s += (s.empty() ? "" : ", ") +
           (t == no_tensor ? "absent" : std::string(name_of(g[t].type)) + to_string(g[t].shape));
    return s;
  };
  return list(n.in) + " -> " + list(n.out);
}

}  // namespace detail

/// Times a graph of one node, whose inputs hold their data (make_node). Errors: the node cannot be
/// planned, a target cannot run here. A wrong output is no error: the row says so.
inline result<op_result> time_node(const graph& g, const timing_options& o = {}) {
  const node& n = g.nodes[0];
  op_result r;
  r.op = std::string(n.op->name), r.operands = detail::text_of_operands(g, n);
  r.attrs = detail::text_of_attributes(n.attrs);
  r.round = n.round, r.arithmetic = g.arithmetic;
  r.macs = macs_of(g, n), r.bytes = bytes_moved(g, n);
  auto reference = start(g, target::reference, 1);
  if (!reference) return reference.error();
  const output_bytes expected = outputs_of(*reference);
  struct contest {
    std::function<void()> run;
    std::size_t number = 1;  // runs of one measurement
    std::vector<double> us;
  };
  std::vector<contest> all;
  const double copies = r.macs > 0 ? 0 : copy_rate(r.bytes);
  for (const target wanted : o.on) {
    const target on = wanted == target::automatic ? best_target() : wanted;
    const double ceiling_of_one = r.macs > 0 ? ceiling(on, products_of(g, n)) : copies;
    for (const unsigned threads : o.threads) {
      auto s = start(g, on, threads);
      if (!s) return s.error();
      op_row row;
      row.on = on, row.threads = threads;
      const auto& steps = s->program().data().steps;
      row.kernel = steps.empty() ? "no step" : steps[0].kernel_name;
      row.same = same_outputs(g, expected, outputs_of(*s));
      row.ceiling = ceiling_of_one * threads;
      r.rows.push_back(std::move(row));
      all.push_back({[own = std::make_shared<session>(std::move(*s))] { own->run(); }, 1, {}});
    }
  }
  for (const rival& other : o.rivals)
    for (const unsigned threads : o.threads) {
      auto call = other.start(g, threads);
      if (!call) return call.error();
      call->run();
      op_row row;
      row.library = other.name, row.threads = threads;
      row.same = same_elements(expected[0], call->output(), g[g.outputs[0]].type);
      r.rows.push_back(std::move(row));
      all.push_back({std::move(call->run), 1, {}});
    }
  // A measurement takes 0.2 ms or more, so that the clock does not matter.
  for (contest& c : all) {
    const auto from = clock::now();
    c.run();
    c.number = static_cast<std::size_t>(
        std::clamp(2e-4 / std::max(seconds_since(from), 1e-9) + 1, 1.0, 1e5));
  }
  const auto begin = clock::now();
  for (std::size_t round = 0;
       round < 5 || seconds_since(begin) < o.seconds * static_cast<double>(all.size()); ++round)
    for (std::size_t i = 0; i < all.size(); ++i) {
      contest& c = all[(i + round) % all.size()];
      const op_row& row = r.rows[(i + round) % all.size()];
      if (!row.same && row.library == "octet") continue;
      const auto from = clock::now();
      for (std::size_t k = 0; k < c.number; ++k) c.run();
      c.us.push_back(seconds_since(from) * 1e6 / static_cast<double>(c.number));
    }
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::vector<double>& us = all[i].us;
    if (us.empty()) continue;
    std::sort(us.begin(), us.end());
    op_row& row = r.rows[i];
    row.best_us = us.front(), row.median_us = us[us.size() / 2];
    row.rate = (r.macs > 0 ? r.macs : r.bytes) / (row.best_us * 1e-6);
  }
  return r;
}

/// Makes a node of the operator of this name ("conv2d" is qnn.conv2d where the types are quantized)
/// and times it. Errors: no such operator or form, shapes that do not go together, attributes that
/// the operator does not take, a target that cannot run here.
inline result<op_result> op(std::string_view name, const op_options& o = {}) {
  auto g = make_node(name, {o.in, o.out, o.arithmetic, o.round}, {o.shapes, o.attrs, o.image});
  if (!g) return g.error();
  return time_node(*g, o.timing);
}

/// The result as lines of text, a table with one row for each target and number of threads.
inline std::string to_string(const op_result& r) {
  char b[256];
  std::string s = r.op + "  " + r.operands;
  if (r.round != rounding::none) s += "  rounding " + std::string(name_of(r.round));
  if (!r.attrs.empty()) s += "  " + r.attrs;
  const bool multiplies = r.macs > 0;
  if (multiplies) std::snprintf(b, sizeof b, "\n  %.3f M MACs, ", r.macs * 1e-6);
  s += multiplies ? b : "\n  ";
  std::snprintf(b, sizeof b, "%.1f KB read and written\n", r.bytes * 1e-3);
  s += b;
  std::snprintf(b, sizeof b, "  %-19s %7s  %-26s %11s %11s %9s %10s %7s\n", "target", "threads",
                "kernel", "us", "median us", multiplies ? "GMAC/s" : "GB/s", "of ceiling", "ratio");
  s += b;
  for (const op_row& row : r.rows) {
    const bool own = row.library == "octet";
    const std::string where = own ? std::string(name_of(row.on)) : row.library,
                      what = own        ? row.kernel
                             : row.same ? "the same bits"
                                        : "other bits";
    std::snprintf(b, sizeof b, "  %-19s %7u  %-26s ", where.c_str(), row.threads, what.c_str());
    s += b;
    if (own && !row.same) {
      s += "DIFFERS from the reference, not timed\n";
      continue;
    }
    char share[16] = "-", ratio[16] = "-";
    if (row.ceiling > 0)
      std::snprintf(share, sizeof share, "%.0f %%", 100 * row.rate / row.ceiling);
    if (r.rows[0].best_us > 0)
      std::snprintf(ratio, sizeof ratio, "%.2f", row.best_us / r.rows[0].best_us);
    std::snprintf(b, sizeof b, "%11.3f %11.3f %9.2f %10s %7s\n", row.best_us, row.median_us,
                  row.rate * 1e-9, share, ratio);
    s += b;
  }
  return s;
}

}  // namespace bench
OCTET_NAMESPACE_END

#endif  // OCTET_BENCH_OP_HPP_
