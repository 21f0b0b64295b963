#include "cases_run.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <random>
#include <set>

#include "octet/bench/made_up.hpp"
#include "octet/kernels/target.hpp"
#include "octet/runtime/session.hpp"
#include "targets.hpp"

namespace octet_test {

using octet::constant_data;
using octet::graph;
using octet::op_def;
using octet::target;
using octet::tensor;

namespace {

double load(const std::byte* from, dtype t) {
  const auto get = [&]<class T>(T e) {
    std::memcpy(&e, from, sizeof e);
    return static_cast<double>(e);
  };
  switch (t) {
    case dtype::f32: return get(float{});
    case dtype::f64: return get(double{});
    case dtype::s8: return get(std::int8_t{});
    case dtype::u8:
    case dtype::boolean: return get(std::uint8_t{});
    case dtype::s16: return get(std::int16_t{});
    case dtype::u16:
    case dtype::f16: return get(std::uint16_t{});
    case dtype::s32: return get(std::int32_t{});
    case dtype::u32: return get(std::uint32_t{});
    case dtype::s64: return get(std::int64_t{});
    case dtype::u64: return get(std::uint64_t{});
  }
  return 0;
}

/// The same elements at every run and in every case of this shape and range: cases that must agree
/// see the same data.
constant_data elements(const operand& o, std::size_t index) {
  const std::size_t n = o.shape.elements().value, size = octet::size_of(o.type);
  std::vector<std::byte> bytes(n * size);
  std::mt19937 random(static_cast<std::uint32_t>(n * 31 + index));
  for (std::size_t i = 0; i < n; ++i) {
    double v;
    if (!o.values.empty()) {
      v = o.values[i];
    } else if (octet::is_float(o.type) && o.type != dtype::f16) {
      v = o.lo + (o.hi - o.lo) * (static_cast<double>(random()) * 0x1p-32);
      if (o.lo < 0 && o.hi > 0 && random() % 16 == 0) v = 0;
    } else {
      const double count = o.hi - o.lo + 1;
      v = o.lo + std::floor(static_cast<double>(random()) * 0x1p-32 * count);
      if (random() % 8 == 0) v = random() % 2 ? o.lo : o.hi;
    }
    octet::bench::store_element(bytes.data() + i * size, o.type, v);
  }
  return constant_data::copy(bytes);
}

std::string text(const choice& c) {
  std::string s;
  for (const dtype t : c.in) s += (s.empty() ? "" : ", ") + std::string(name_of(t));
  s += " ->";
  for (const dtype t : c.out) s += " " + std::string(name_of(t));
  return s + ", " + std::string(name_of(c.round));
}

using outputs = std::vector<std::vector<std::byte>>;

/// Two runs of one session (a state moves on); outputs of both.
octet::result<outputs> run(const graph& g, target on, unsigned threads, octet::kernel_id* used,
                           bool* parallel) {
  octet::plan_options options;
  options.on = on;
  options.threads = threads;
  auto p = octet::try_compile(g, options);
  if (!p) return p.error();
  for (const octet::step& s : p->data().steps) {
    *used = s.kernel;
    *parallel = s.parts > 1;
  }
  octet::session s(*p);
  outputs all;
  for (int call = 0; call < 2; ++call) {
    for (std::size_t i = 0; i < s.inputs(); ++i) {
      const tensor& t = g[g.inputs[i]];
      const octet::const_tensor_view x{t.data.bytes.data(), t.type, t.shape};
      if (auto e = s.input(i).try_assign(x); !e) return e.error();
    }
    for (std::size_t i = 0; i < s.outputs(); ++i) {
      // Whatever is not written shows.
      const octet::tensor_view y = s.output(i).view();
      bool is_input = false;
      for (const octet::tensor_id t : g.inputs) is_input |= t == g.outputs[i];
      if (!is_input && g[g.outputs[i]].role == tensor::kind::value && y.size_bytes() != 0 &&
          p->data().steps.size() == 1 && p->data().activation_bytes == y.size_bytes())
        std::memset(y.data, 0xA5, y.size_bytes());
    }
    s.run();
    for (std::size_t i = 0; i < s.outputs(); ++i) {
      const octet::const_tensor_view y = s.output(i).view();
      const auto* from = static_cast<const std::byte*>(y.data);
      all.emplace_back(from, from + y.size_bytes());
    }
  }
  return all;
}

std::string differs(const graph& g, const outputs& want, const outputs& got) {
  for (std::size_t k = 0; k < want.size(); ++k) {
    const tensor& t = g[g.outputs[k % g.outputs.size()]];
    const std::size_t size = octet::size_of(t.type);
    for (std::size_t i = 0; i * size < want[k].size(); ++i)
      if (std::memcmp(want[k].data() + i * size, got[k].data() + i * size, size) != 0)
        return "output " + std::to_string(k) + ", element " + std::to_string(i) + ": " +
               std::to_string(load(got[k].data() + i * size, t.type)) + " for " +
               std::to_string(load(want[k].data() + i * size, t.type));
  }
  return {};
}
/// Equal as numbers: 0 and -0 are.
std::string differs_as_numbers(const graph& g, const outputs& want, const outputs& got) {
  for (std::size_t k = 0; k < want.size(); ++k) {
    const tensor& t = g[g.outputs[k % g.outputs.size()]];
    const std::size_t size = octet::size_of(t.type);
    for (std::size_t i = 0; i * size < want[k].size(); ++i) {
      const double a = load(want[k].data() + i * size, t.type),
                   b = load(got[k].data() + i * size, t.type);
      if (!(a == b) && !(std::isnan(a) && std::isnan(b)))
        return "output " + std::to_string(k) + ", element " + std::to_string(i) + ": " +
               std::to_string(b) + " for " + std::to_string(a);
    }
  }
  return {};
}

/// What the cases of one operator have covered.
struct seen {
  std::set<std::size_t> absent, given;
  bool empty = false;
  std::vector<target> targets;
  std::set<target> kernels;
  std::size_t cases = 0, runs = 0;
};

/// The targets that differ in the kernels of this operator: a pseudo target takes most of its
/// kernels from the one it stands on, and where there is no kernel all targets run the reference.
std::vector<target> targets_of(const op_def& op) {
  using kernels = std::pair<const octet::kernel_entry*, const octet::kernel_entry*>;
  std::vector<target> all;
  std::vector<kernels> had;
  for (const target on : simd_targets()) {
    const kernels k{octet::kernels::find(op.kernel, on), octet::kernels::find(op.other_kernel, on)};
    if (std::find(had.begin(), had.end(), k) != had.end()) continue;
    had.push_back(k);
    all.push_back(on);
  }
  return all;
}

void check_case(const op_def& op, const node_case& n, seen& s) {
  ++s.cases;
  for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(op.max_inputs, 0)); ++i)
    (i < n.in.size() && n.in[i].given ? s.given : s.absent).insert(i);
  graph g = graph_of(op, n);
  if (auto e = octet::infer_shapes(g, g.nodes[0]); !e) {
    FAIL_CHECK(e.error().message());
    return;
  }
  for (const tensor& t : g.tensors) s.empty |= t.shape.elements().value == 0;
  octet::kernel_id kernel{};
  bool parallel = false;
  const auto reference = run(g, target::reference, 1, &kernel, &parallel);
  if (!reference) {
    FAIL_CHECK(reference.error().message());
    return;
  }
  for (std::size_t k = 0; k < n.expected.size(); ++k) {
    const tensor& t = g[g.outputs[k]];
    std::vector<std::byte> bytes(n.expected[k].size() * octet::size_of(t.type));
    for (std::size_t i = 0; i < n.expected[k].size(); ++i)
      octet::bench::store_element(bytes.data() + i * octet::size_of(t.type), t.type,
                                  n.expected[k][i]);
    REQUIRE(bytes.size() == (*reference)[k].size());
    outputs got{(*reference)[k]}, want{bytes};
    graph one;
    one.add(t), one.outputs = {0};
    if (const auto d = differs_as_numbers(one, want, got); !d.empty())
      FAIL_CHECK("not the expected value, output " << k << ": " << d);
  }
  if (n.equal_to) {
    graph other = graph_of(op, *n.equal_to);
    REQUIRE(octet::infer_shapes(other, other.nodes[0]));
    const auto twin = run(other, target::reference, 1, &kernel, &parallel);
    REQUIRE(twin);
    if (const auto d = differs_as_numbers(g, *twin, *reference); !d.empty())
      FAIL_CHECK(n.equal_to->name << ": " << d);
  }
  for (const target on : s.targets) {
    for (unsigned threads = 1; threads <= (emulated() ? 1 : 3); ++threads) {
      kernel = octet::kernel_id::none;
      const auto got = run(g, on, threads, &kernel, &parallel);
      ++s.runs;
      if (!got) {
        FAIL_CHECK("target " << name_of(on) << ": " << got.error().message());
        return;
      }
      if (const auto d = differs(g, *reference, *got); !d.empty()) {
        FAIL_CHECK("target " << name_of(on) << ", " << threads << " threads: " << d);
        return;
      }
      if (kernel != octet::kernel_id::none) {
        s.kernels.insert(on);
        CHECK((kernel == op.kernel || kernel == op.other_kernel));
      }
      if (threads > 1 && !parallel) break;  // more threads would do the same again
    }
  }
}

}  // namespace

graph graph_of(const op_def& op, const node_case& n) {
  graph g;
  g.name = std::string(op.name) + ": " + n.name;
  std::vector<octet::tensor_id> in, out;
  const auto make = [&](const operand& o, std::string name) {
    tensor t;
    t.name = std::move(name);
    t.type = o.type, t.shape = o.shape;
    t.scales = o.scales, t.zero_points = o.zero_points;
    t.axis = o.axis;
    t.role = o.role;
    return t;
  };
  for (std::size_t i = 0; i < n.in.size(); ++i) {
    const operand& o = n.in[i];
    if (!o.given) {
      in.push_back(octet::no_tensor);
      continue;
    }
    tensor t = make(o, "in" + std::to_string(i));
    t.data = elements(o, i);
    in.push_back(g.add(std::move(t)));
    if (o.role == tensor::kind::value) g.inputs.push_back(in.back());
  }
  for (std::size_t i = 0; i < n.out.size(); ++i) {
    const operand& o = n.out[i];
    out.push_back(o.same_as_input >= 0 ? in[static_cast<std::size_t>(o.same_as_input)]
                                       : g.add(make(o, "out" + std::to_string(i))));
    if (o.same_as_input < 0) g.outputs.push_back(out.back());
  }
  g.add_node(op, "", std::move(in), std::move(out), n.attrs, n.round);
  return g;
}

void check_operator(const operator_cases& o) {
  const op_def& op = *o.op;
  CAPTURE(op.name);
  REQUIRE_FALSE(op.forms.empty());
  CHECK_FALSE(op.summary.empty());
  seen s;
  s.targets = targets_of(op);
  for (const choice& c : octet::bench::choices_of(op)) {
    case_list list(c);
    o.add(list);
    INFO("form " << text(c));
    CHECK_FALSE(list.all().empty());  // a form without a case
    for (const auto& n : list.all()) {
      INFO("case " << n->name);
      CHECK(n->round == c.round);
      check_case(op, *n, s);
    }
  }
  for (std::size_t i = 0; i < 32; ++i)
    if (op.optional.contains(i)) {
      INFO("optional input " << i);
      CHECK(s.absent.count(i) == 1);
      CHECK(s.given.count(i) == 1);
    }
  if (o.never_empty == nullptr) CHECK(s.empty);  // a case with an extent of 0
  // A kernel that is declared runs in some case, on every SIMD target.
  if (op.kernel != octet::kernel_id::none)
    for (const target on : s.targets) {
      INFO("kernel " << name_of(op.kernel) << " on " << name_of(on));
      CHECK(s.kernels.count(on) == 1);
    }
  std::printf("%s: %zu cases, %zu runs on SIMD targets\n", std::string(op.name).c_str(), s.cases,
              s.runs);
}

}  // namespace octet_test
