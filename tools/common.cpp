#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <set>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

#include "commands.hpp"
#include "file.hpp"
#include "npy.hpp"
#include "octet/kernels/target.hpp"
#include "timing.hpp"

namespace octet::tools {

int fail(exit_code code, const std::string& message) {
  std::fprintf(stderr, "octet: %s\n", octet::detail::one_line(message, 8000).c_str());
  return code;
}

std::optional<target> target_of(const std::string& name) {
  if (name.empty()) return target::automatic;
  const auto same = [](std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
      return std::tolower(x) == std::tolower(y);
    });
  };
  for (const target t : enumerators<target>)
    if (same(name, name_of(t))) return t;
  return std::nullopt;
}

// Hyperthreads of one core share its multipliers: one thread per physical core is the fastest
// setting for these kernels.
unsigned physical_cores() {
  unsigned logical = std::max(1u, std::thread::hardware_concurrency());
#if defined(__linux__)
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return logical;
  logical = 0;
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    ++logical;
    auto text = read_head(
        "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list",
        4096);
    if (!text) return std::max(1u, static_cast<unsigned>(CPU_COUNT(&allowed)));
    cores.insert(std::string(reinterpret_cast<const char*>(text->data()), text->size()));
  }
  if (!cores.empty()) return std::min(logical, static_cast<unsigned>(cores.size()));
#endif
  return std::max(1u, logical);
}
unsigned threads_of(unsigned option) { return option != 0 ? option : physical_cores(); }

std::optional<dims> dims_of(const std::string& text) {
  dims d;
  const char* at = text.data();
  const char* end = text.data() + text.size();
  while (at < end) {
    std::int32_t v = 0;
    const auto r = std::from_chars(at, end, v);
    if (r.ec != std::errc() || v < 1 || d.rank == dims::max_rank) return std::nullopt;
    d.push_back(v);
    at = r.ptr;
    if (at < end && *at++ != ',') return std::nullopt;
    if (at == end && end[-1] == ',') return std::nullopt;
  }
  return d;
}
std::optional<std::pair<std::string, dims>> shape_of(const std::string& text) {
  const std::size_t eq = text.rfind('=');
  if (eq == std::string::npos || eq == 0) return std::nullopt;
  const auto d = dims_of(text.substr(eq + 1));
  if (!d) return std::nullopt;
  return std::pair(text.substr(0, eq), *d);
}
std::optional<law> law_of(const std::string& name, bool of_a_file) {
  std::string known;
  for (const law a : enumerators<law>) {
    if (name_of(a) == name) return a;
    known += (known.empty() ? "" : ", ") + std::string(name_of(a));
  }
  if (of_a_file) known += std::string(", ") + as_written_name;
  fail(bad_usage, "--numerics " + name + ": no such law (" + known + ")");
  return std::nullopt;
}

bool set_limit(const std::string& text, limits& to) {
  const std::size_t eq = text.find('=');
  if (eq == std::string::npos) return false;
  for (const limits::entry& e : limits::list) {
    if (e.name != std::string_view(text).substr(0, eq)) continue;
    const char* end = text.data() + text.size();
    const auto r = std::from_chars(text.data() + eq + 1, end, to.*e.member);
    return r.ec == std::errc() && r.ptr == end;
  }
  return false;
}

std::optional<dtype> type_of(const std::string& name) {
  for (const dtype t : enumerators<dtype>)
    if (name == name_of(t)) return t;
  return std::nullopt;
}

std::optional<load_options> load_options_of(const model_options& o) {
  load_options load;
  load.params = o.params;
  load.signature = o.signature;
  for (const std::string& s : o.shapes) {
    const std::size_t colon = s.find(':', s.rfind('=') + 1);  // names may have colons themselves
    auto shape = shape_of(s.substr(0, colon));
    if (!shape) {
      fail(bad_usage, "--shape " + s + ": expected NAME=1,3,224,224");
      return std::nullopt;
    }
    load.shapes.push_back(*shape);
    if (colon == std::string::npos) continue;
    const auto type = type_of(s.substr(colon + 1));
    if (!type || std::string_view(format_of(o.model).name) != ".pt") {
      fail(bad_usage,
           "--shape " + s + ": " +
               (type ? "only .pt files leave element types open" : "no such element type"));
      return std::nullopt;
    }
    load.types.emplace_back(shape->first, *type);
  }
  for (const std::string& l : o.limits) {
    if (set_limit(l, load.max)) continue;
    std::string names;
    for (const limits::entry& e : limits::list)
      names += (names.empty() ? "" : ", ") + std::string(e.name);
    fail(bad_usage, "--limit " + l + ": expected NAME=NUMBER, a name of " + names);
    return std::nullopt;
  }
  if (o.numerics.empty()) return load;
  if (o.numerics == as_written_name) {
    load.arithmetic = law::onnxruntime;
    load.as_written = true;
    return load;
  }
  load.arithmetic = law_of(o.numerics, true);
  if (!load.arithmetic) return std::nullopt;
  return load;
}

// A file need not say what shapes its inputs have, nor can it be asked how many they are before it
// is loaded. Samples without a name stand for the inputs in order, several times over where they
// make several runs: one more is given until the file loads.
// A file that says it still gives way to samples of other extents, where it leaves these open.
result<graph> load_recorded(const model_options& o, load_options load) {
  load.only_open = load.shapes.empty();  // also where samples of one call differ
  auto g = load_model(o.model, load);
  if (!g || !load.shapes.empty()) return g;
  load_options with = load;
  std::size_t next = 0;
  for (const std::string& sample : o.samples) {
    std::size_t input = next;
    std::string file = sample;
    for (std::size_t i = 0; i < g->inputs.size(); ++i)
      if (const std::string name = (*g)[g->inputs[i]].name + "="; sample.starts_with(name))
        input = i, file = sample.substr(name.size());
    next += file == sample;
    if (ending_of(file) != ".npy" || input >= g->inputs.size()) continue;
    const auto x = read_npy(file);
    const tensor& t = (*g)[g->inputs[input]];
    if (!x || x->shape.rank != t.shape.rank || t.shape.rank == 0) continue;
    dims rows = x->shape;
    rows[0] = t.shape[0];
    if (!(rows == t.shape) || t.shape[0] == 0 || x->shape[0] % t.shape[0] != 0)
      with.shapes.emplace_back(t.name, x->shape);
  }
  if (with.shapes.empty()) return g;
  auto resized = load_model(o.model, with);
  return resized ? std::move(resized) : std::move(g);
}
result<graph> load_model_for(const model_options& o, const load_options& load) {
  const format_info format = format_of(o.model);
  if (format.records_shapes) return load_recorded(o, load);
  if (!load.shapes.empty()) return load_model(o.model, load);
  load_options with = load;
  with.only_open = true;
  load_options every = with;
  const auto give = [](load_options& to, const std::string& name, const array& x) {
    to.shapes.emplace_back(name, x.shape);
    // numpy makes float64 of what is not said, so it says nothing of the model.
    to.types.emplace_back(name, x.type == dtype::f64 ? dtype::f32 : x.type);
  };
  std::vector<array> in_order;
  for (const std::string& sample : o.samples) {
    const std::size_t eq = sample.find('=');
    const std::string file = eq == std::string::npos ? sample : sample.substr(eq + 1);
    if (ending_of(file) != ".npy") continue;
    auto x = read_npy(file);
    if (!x) continue;
    x->bytes = {};
    give(every, "", *x);
    if (eq == std::string::npos)
      in_order.push_back(std::move(*x));
    else if (std::none_of(with.shapes.begin(), with.shapes.end(),
                          [&](const auto& s) { return s.first == sample.substr(0, eq); }))
      give(with, sample.substr(0, eq), *x);
  }
  std::string last;
  for (std::size_t given = 0;; ++given) {
    auto g = load_model(o.model, with);
    if (g) {
      // Recorded shapes give way to the samples'.
      const std::size_t wanted = std::min(in_order.size(), g->inputs.size());
      if (given >= wanted) return g;
      for (; given < wanted; ++given) give(with, "", in_order[given]);
      auto resized = load_model(o.model, with);
      // One sample for each input: ONNX files say which of their extents are the same.
      const bool contradict = !resized && in_order.size() == g->inputs.size() &&
                              std::string_view(format.name) == ".onnx";
      return resized || contradict ? std::move(resized) : std::move(g);
    }
    const std::string message = g.error().message();
    if (given == in_order.size() || message == last) {
      auto nameless = load_model(o.model, every);  // names are then checked by who gave them
      return nameless ? std::move(nameless) : std::move(g);
    }
    last = message;
    give(with, "", in_order[given]);
  }
}

loaded load_and_plan(const model_options& o, plan_options p) {
  loaded l;
  auto load = load_options_of(o);
  const auto on = target_of(o.target);
  if (!on) fail(bad_usage, "target " + o.target + ": no such target; see `octet info`");
  if (!load || !on) {
    l.code = bad_usage;
    return l;
  }
  l.format = format_of(o.model);
  l.threads = threads_of(o.threads);
  const auto begin = clock::now();
  auto graph = load_model_for(o, *load);
  if (!graph) {
    l.code = fail(graph.error());
    return l;
  }
  l.load_ms = ms_since(begin);
  p.on = *on;
  p.threads = l.threads;
  p.max = load->max;
  const auto loaded_at = clock::now();
  auto program = try_compile(std::move(*graph), p);
  if (!program) {
    l.code = fail(program.error());
    return l;
  }
  l.plan_ms = ms_since(loaded_at);
  l.program = std::move(*program);
  return l;
}

}  // namespace octet::tools
