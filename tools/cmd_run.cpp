// octet run: inputs from files and photographs, outputs as numbers, labels and files, compared with
// a framework's.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "arrays.hpp"
#include "commands.hpp"
#include "cost.hpp"
#include "image.hpp"
#include "json.hpp"
#include "octet/graph/print.hpp"
#include "octet/runtime/session.hpp"
#include "pixels.hpp"

namespace octet::tools {
namespace {

using octet::detail::one_line;

/// An exit code with its message already given.
struct stop {
  int code;
};

std::string in_quotes(const std::string& name) { return "\"" + one_line(name) + "\""; }
std::string text_of_type(dtype t) { return std::string(name_of(t)); }

/// The tensors on one side of a model, and what the command line says of them.
struct side {
  const char* what;    // "input"
  const char* option;  // "--input"
  std::vector<std::string> names;

  std::string known() const {
    std::string s;
    for (const std::string& n : names) s += (s.empty() ? "" : ", ") + in_quotes(n);
    return s.empty() ? "none" : s;
  }
};

/// The tensor that "NAME=FILE" names, the text cut to FILE; -1 for a plain FILE. Names may hold
/// '=', and so may files that exist.
int named(std::string& text, const side& of, const char* option) {
  std::size_t best = SIZE_MAX;
  for (std::size_t i = 0; i < of.names.size(); ++i) {
    const std::string& n = of.names[i];
    if (!n.empty() && text.size() > n.size() + 1 && text.starts_with(n) && text[n.size()] == '=' &&
        (best == SIZE_MAX || n.size() > of.names[best].size()))
      best = i;
  }
  if (best != SIZE_MAX) {
    text.erase(0, of.names[best].size() + 1);
    return static_cast<int>(best);
  }
  const std::size_t eq = text.find('=');
  std::error_code ignored;
  if (eq == std::string::npos || std::filesystem::exists(text, ignored)) return -1;
  throw stop{fail(bad_usage, std::string(option) + " " + text + ": unknown " + of.what + " name " +
                                 in_quotes(text.substr(0, eq)) + " (the model's: " + of.known() +
                                 ")")};
}

struct given {
  array value;
  std::string note;  // where it is from
};

/// Arrays for the tensors of one side, in as many runs as they fill.
class arrangement {
 public:
  explicit arrangement(std::size_t tensors) : tensors_(tensors) {}

  /// For the first run in which the tensor, or with -1 any, has nothing yet.
  void put(int tensor, given g) {
    for (std::size_t run = 0;; ++run) {
      if (run == runs.size()) runs.emplace_back(tensors_);
      for (std::size_t i = 0; i < tensors_; ++i)
        if (!runs[run][i] && (tensor < 0 || i == static_cast<std::size_t>(tensor))) {
          runs[run][i] = std::move(g);
          return;
        }
    }
  }
  /// The tensor that put(-1, ...) would fill.
  std::size_t next() const {
    for (const auto& run : runs)
      for (std::size_t i = 0; i < tensors_; ++i)
        if (!run[i]) return i;
    return 0;
  }
  std::vector<std::vector<std::optional<given>>> runs;

 private:
  std::size_t tensors_;
};

array copy_of(const bound_tensor& t) {
  array a{t.type(), t.shape(), {}};
  const auto* data = static_cast<const std::byte*>(t.view().data);
  a.bytes.assign(data, data + t.view().size_bytes());
  return a;
}

/// Writes every tensor of a run as NAME.npy, with index.json: what `octet diff` reads.
class dumper final : public observer {
 public:
  explicit dumper(std::string folder) : folder_(std::move(folder)) {}
  void add(const graph& g, tensor_id id, const const_tensor_view& value, const std::string& node) {
    const tensor& t = g[id];
    std::string name = std::to_string(id) + "_";
    for (char c : t.name)
      name += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' ? c : '_';
    if (name.size() > 120) name.resize(120);
    name += ".npy";
    if (auto s = write_npy(folder_ + "/" + name, value); !s && !failed_) failed_ = s.error();
    index_.push_back(
        {{"tensor", id}, {"name", t.name}, {"file", name}, {"type", type_text(t)}, {"node", node}});
  }
  void on_tensor(const plan_data& p, std::size_t step, tensor_id id,
                 const const_tensor_view& value) noexcept override {
    const node& n = p.source.nodes[static_cast<std::size_t>(p.steps[step].node)];
    add(p.source, id, value, std::string(n.op->name) + " " + n.name);
  }
  status finish(const graph& g) {
    if (failed_) return *failed_;
    return put_json(folder_ + "/index.json", {{"model", base_name(g.name)},
                                              {"law", name_of(g.arithmetic)},
                                              {"tensors", std::move(index_)}});
  }

 private:
  std::string folder_;
  json index_ = json::array();
  std::optional<error_info> failed_;
};

std::string position(std::size_t i, const dims& d) {
  std::vector<std::size_t> at(static_cast<std::size_t>(d.rank));
  for (int k = d.rank; k-- > 0;) {
    at[static_cast<std::size_t>(k)] = i % static_cast<std::size_t>(d[k]);
    i /= static_cast<std::size_t>(d[k]);
  }
  std::string s = "[";
  for (std::size_t k = 0; k < at.size(); ++k) s += (k ? "," : "") + std::to_string(at[k]);
  return s + "]";
}
std::string number(double v) {
  char b[32];
  std::snprintf(b, sizeof b, "%.4g", v);
  return b;
}

/// An output as the real numbers it stands for.
std::vector<double> reals_of(const array& a, const bound_tensor& t) {
  std::vector<double> v(a.elements());
  for (std::size_t i = 0; i < v.size(); ++i)
    v[i] = real_value(a, i, t.scale().value, t.zero_point().value);
  return v;
}
struct range_of_values {
  double low = 0, high = 0;
  std::size_t nans = 0;
};
range_of_values range_of(const std::vector<double>& v) {
  range_of_values r{INFINITY, -INFINITY, 0};
  for (double x : v) {
    if (x != x) ++r.nans;
    r.low = std::min(r.low, x == x ? x : r.low);
    r.high = std::max(r.high, x == x ? x : r.high);
  }
  return r;
}
constexpr std::size_t shown_values = 8;

/// `output  uint8 [1,1001] scale 0.0039 zero 0  "scores"  0 to 0.6289: 0, 0, 0.0039, ...`
void print_output(const array& a, const bound_tensor& t, const tensor& of) {
  const std::vector<double> v = reals_of(a, t);
  std::string line = "output  " + text_of_type(a.type) + " " + to_string(a.shape) + "  " +
                     in_quotes(of.name) + "  ";
  const range_of_values r = range_of(v);
  if (v.empty())
    line += "no elements";
  else if (r.nans == v.size())
    line += "all nan";
  else
    line += number(r.low) + " to " + number(r.high);
  if (r.nans != 0 && r.nans != v.size()) line += " and " + std::to_string(r.nans) + " nan";
  for (std::size_t i = 0; i < std::min(v.size(), shown_values); ++i)
    line += (i ? ", " : ": ") + number(v[i]);
  std::printf("%s%s\n", line.c_str(), v.size() > shown_values ? ", ..." : "");
}
json json_of_output(const array& a, const bound_tensor& t, const tensor& of) {
  const std::vector<double> v = reals_of(a, t);
  const range_of_values r = range_of(v);
  json j = json_of(of);
  j["min"] = r.low;
  j["max"] = r.high;
  j["first"] = std::vector<double>(
      v.begin(), v.begin() + static_cast<std::ptrdiff_t>(std::min(v.size(), shown_values)));
  return j;
}

/// What became of the pixels where nothing was said of it.
std::string assumption(dtype type, const pixel_rule& rule) {
  if (rule.given() || type == dtype::u8) return {};
  return std::string(", no --mean and --std: ") +
         (type == dtype::f32 ? "pixel / 255" : "pixel - 128");
}

/// A command's work in the order it happens; `stop` leaves it.
class runner {
 public:
  explicit runner(const run_options& o)
      : o_(o), text_(o.json != "-"), l_(load()), s_(l_.program), g_(l_.program.source()) {
    for (std::size_t i = 0; i < s_.inputs(); ++i) in_.names.emplace_back(s_.input(i).name());
    for (std::size_t i = 0; i < s_.outputs(); ++i) out_.names.emplace_back(s_.output(i).name());
  }
  int go() {
    read_inputs();
    read_references();
    read_labels_file();
    name_outputs();
    for (std::size_t r = 0; r < inputs_.size(); ++r) {
      run_once(r);
      report(r);
    }
    write_outputs();
    const bool same = compare_outputs();
    if (!same && !try_other_laws()) suspect_saturation();
    if (!o_.json.empty())
      if (auto w = put_json(o_.json, std::move(report_)); !w) return fail(w.error());
    return same ? done : differs;
  }

 private:
  loaded load() {
    for (const std::string& file : o_.outputs)
      if (!is_array_ending(ending_of(file)))
        throw stop{
            fail(bad_usage, "--output " + file + ": its ending is none of " + array_endings)};
    plan_options p;
    p.keep_all = !o_.dump.empty();
    loaded l = load_and_plan(model(), p);
    if (l.code != done) throw stop{l.code};
    return l;
  }
  model_options model() const {
    model_options m = o_;
    m.samples = o_.inputs;
    return m;
  }
  [[noreturn]] void usage(const std::string& message) const {
    throw stop{fail(bad_usage, message)};
  }
  [[noreturn]] void refuse(error_info e) const { throw stop{fail(e)}; }

  /// Reads a file for the tensor it names, or the next; its parts fill one run after another.
  void take(arrangement& to, const side& of, std::string text, bool outputs) {
    const std::string as_given = text;
    const int i = named(text, of, of.option);
    if (of.names.empty())
      usage(std::string(of.option) + " " + as_given + ": the model has no " + of.what);
    const std::size_t at = i < 0 ? to.next() : static_cast<std::size_t>(i);
    const bound_tensor t = outputs ? s_.output(at) : s_.input(at);
    const bool raw = !outputs && o_.raw;
    if (!raw && !is_array_ending(ending_of(text)))
      usage(std::string(of.option) + " " + as_given + ": its ending is none of " + array_endings +
            (outputs ? "" : "; --raw takes any file as the bytes of the elements"));
    auto a = read_array(text, t.type(), t.shape(), raw);
    if (!a) refuse(a.error());
    const std::string found = text_of_type(a->type) + to_string(a->shape);
    const dtype given = a->type;
    std::vector<array> parts = parts_of(*a, t.type(), t.shape());
    if (parts.empty() && may_differ(*a, t, outputs)) {
      shapes_differ_ = true;
      parts.push_back(std::move(*a));
    }
    if (parts.empty()) {
      auto e = file_error(errc::invalid, text, outputs ? "reference" : "input", found,
                          text_of_type(t.type()) + to_string(t.shape()) +
                              ", or several along axis 0" + t.how_to_quantize(given));
      e.tensor = t.name();
      refuse(e);
    }
    for (std::size_t k = 0; k < parts.size(); ++k)
      to.put(static_cast<int>(at),
             {std::move(parts[k]),
              base_name(text) + (parts.size() > 1 ? "[" + std::to_string(k) + "]" : "")});
  }

  /// Whether an array that is not of the tensor's shape is one of a run of another shape. Of a file
  /// that records shapes, open extents alone may be others.
  bool may_differ(const array& a, const bound_tensor& t, bool outputs) const {
    if (!l_.program.resizable() || a.type != t.type() || a.shape.rank != t.shape().rank)
      return false;
    if (outputs) return shapes_differ_;
    return !l_.format.records_shapes || l_.program.try_resized({{std::string(t.name()), a.shape}});
  }

  /// Options that would say nothing of what is given.
  void check_options() const {
    if (o_.images.empty() && !o_.mean.empty()) usage("--mean is for photographs: no --image");
    if (o_.images.empty() && !o_.std.empty()) usage("--std is for photographs: no --image");
    if (o_.inputs.empty() && o_.raw) usage("--raw is for arrays: no --input");
  }
  /// --input files first, then images, each for the input it names or the next that has none.
  void read_inputs() {
    check_options();
    arrangement a(in_.names.size());
    for (const std::string& file : o_.inputs) take(a, in_, file, false);
    for (std::string file : o_.images) {
      const int i = named(file, in_, "--image");
      if (in_.names.empty()) usage("--image " + file + ": the model has no input");
      const bound_tensor t = s_.input(i < 0 ? a.next() : static_cast<std::size_t>(i));
      auto photo = read_image(file);
      if (!photo) refuse(photo.error());
      const pixel_rule rule{o_.mean, o_.std};
      auto x =
          image_input(*photo, t.type(), t.shape(), t.scale().value, t.zero_point().value, rule);
      if (!x) {
        x.error().file = file;
        x.error().tensor = t.name();
        refuse(x.error());
      }
      const image_shape size = image_shape_of(t.shape());
      const bool fits = photo->width == size.width && photo->height == size.height;
      a.put(i, {std::move(*x), base_name(file) +
                                   (fits ? ""
                                         : " resized " + std::to_string(size.width) + "x" +
                                               std::to_string(size.height)) +
                                   assumption(t.type(), rule)});
    }
    if (a.runs.empty()) a.runs.emplace_back(in_.names.size());
    for (std::size_t r = 0; r < a.runs.size(); ++r) {
      std::vector<given> values;
      for (std::size_t i = 0; i < in_.names.size(); ++i) {
        if (!a.runs[r][i])
          usage((a.runs.size() > 1 ? "run " + std::to_string(r + 1) + ": " : "") + "input " +
                std::to_string(i) + " (" + in_quotes(in_.names[i]) + ", " +
                type_text(g_[g_.inputs[i]]) + ") needs --input or --image");
        values.push_back(std::move(*a.runs[r][i]));
      }
      inputs_.push_back(std::move(values));
    }
    if (inputs_.size() > 1 && !o_.dump.empty())
      usage("--dump holds one run, the inputs given make " + std::to_string(inputs_.size()));
    outputs_.resize(out_.names.size());
  }

  // Before running: a wrong file should not cost a run.
  void read_references() {
    arrangement a(out_.names.size());
    const side of{"output", "--reference", out_.names};
    for (const std::string& file : o_.references) take(a, of, file, true);
    if (a.runs.size() > inputs_.size())
      usage("--reference: outputs of " + std::to_string(a.runs.size()) + " runs, the inputs make " +
            std::to_string(inputs_.size()));
    references_ = std::move(a.runs);
    references_.resize(inputs_.size(), std::vector<std::optional<given>>(out_.names.size()));
  }
  void read_labels_file() {
    if (o_.labels.empty()) return;
    auto read = read_labels(o_.labels);
    if (!read) refuse(read.error());
    labels_ = std::move(*read);
    if (s_.outputs() == 0) usage("--labels: the model has no output");
    if (auto f = fit_labels(labels_, s_.output(0).shape().elements().value, o_.labels); !f)
      refuse(f.error());
  }
  void name_outputs() {
    std::vector<char> taken(out_.names.size());
    for (std::string file : o_.outputs) {
      const std::string as_given = file;
      int i = named(file, out_, "--output");
      if (i < 0) i = static_cast<int>(std::find(taken.begin(), taken.end(), 0) - taken.begin());
      if (static_cast<std::size_t>(i) >= taken.size() || taken[static_cast<std::size_t>(i)] != 0)
        usage("--output " + as_given + ": the model's outputs (" + out_.known() +
              ") have a file each already");
      taken[static_cast<std::size_t>(i)] = 1;
      files_.emplace_back(static_cast<std::size_t>(i), file);
    }
  }

  void run_once(std::size_t r) {
    named_shapes shapes;
    for (std::size_t i = 0; i < in_.names.size(); ++i)
      if (const dims& d = inputs_[r][i].value.shape; !(d == s_.input(i).shape()))
        shapes.emplace_back(in_.names[i], d);
    if (auto resized = s_.try_resize(shapes); !resized) refuse(resized.error());
    for (std::size_t i = 0; i < in_.names.size(); ++i)
      if (auto a = s_.input(i).try_assign(inputs_[r][i].value.view()); !a) {
        a.error().file = inputs_[r][i].note;
        refuse(a.error());
      }
    if (o_.dump.empty()) {
      s_.run();
    } else {
      std::error_code made;
      std::filesystem::create_directories(o_.dump, made);
      dumper d(o_.dump);
      for (std::size_t i = 0; i < s_.inputs(); ++i)
        d.add(g(), g().inputs[i], s_.input(i).view(), "input");
      s_.run(d);
      if (auto f = d.finish(g()); !f) refuse(f.error());
    }
    for (std::size_t i = 0; i < out_.names.size(); ++i) {
      outputs_[i].push_back(copy_of(s_.output(i)));
      const std::optional<given>& wanted = references_[r][i];
      const array& y = outputs_[i].back();
      if (wanted && !(wanted->value.shape == y.shape)) {
        auto e = octet::invalid("reference", to_string(wanted->value.shape), to_string(y.shape));
        e.file = wanted->note, e.tensor = out_.names[i];
        refuse(e);
      }
    }
  }
  /// As it runs now: runs may differ in shapes.
  const graph& g() const { return s_.program().source(); }

  void report(std::size_t r) {
    const bool several = in_.names.size() > 1;
    json run{{"inputs", json::array()}, {"outputs", json::array()}};
    for (std::size_t i = 0; i < in_.names.size(); ++i) {
      const given& x = inputs_[r][i];
      json j = json_of(g()[g().inputs[i]]);
      j["from"] = x.note;
      run["inputs"].push_back(std::move(j));
      if (text_)
        std::printf("input   %s %s  %s%s\n", text_of_type(x.value.type).c_str(),
                    to_string(x.value.shape).c_str(), one_line(x.note, 300).c_str(),
                    several ? ("  " + in_quotes(in_.names[i])).c_str() : "");
    }
    if (r == 0) report_model();
    for (std::size_t i = 0; i < out_.names.size(); ++i) {
      const tensor& of = g()[g().outputs[i]];
      if (text_) print_output(outputs_[i][r], s_.output(i), of);
      if (!o_.json.empty())  // a file may have a quarter of a million outputs
        run["outputs"].push_back(json_of_output(outputs_[i][r], s_.output(i), of));
    }
    const unsigned top = o_.top != 0 ? o_.top : labels_.empty() ? 0 : 5;
    if (top != 0 && s_.outputs() != 0) {
      const std::vector<double> scores = reals_of(outputs_[0][r], s_.output(0));
      if (!labels_.empty())
        if (auto f = fit_labels(labels_, scores.size(), o_.labels); !f) refuse(f.error());
      std::string line;
      json& best = run["top"] = json::array();
      for (std::size_t i : top_k(scores, top)) {
        line += (line.empty() ? "" : "   ") +
                (labels_.empty() ? "#" + std::to_string(i) : one_line(labels_[i])) + " " +
                number(scores[i]);
        best.push_back({{"index", i}, {"score", scores[i]}});
        if (!labels_.empty()) best.back()["label"] = labels_[i];
      }
      if (text_) std::printf("top %-3u %s\n", top, line.c_str());
    }
    report_["runs"].push_back(std::move(run));
  }
  void report_model() {
    const bool is_default = !l_.format.laws.empty() && l_.format.laws.front() == g_.arithmetic;
    report_["model"] = base_name(o_.model);
    report_["law"] = name_of(g_.arithmetic);
    report_["target"] = name_of(l_.program.on());
    report_["threads"] = l_.threads;
    report_["version"] = OCTET_VERSION_STRING;
    report_["runs"] = json::array();
    if (text_)
      std::printf("law     %s%s     target %s     threads %u\n",
                  std::string(name_of(g_.arithmetic)).c_str(),
                  is_default ? (std::string(" (default for ") + l_.format.name + ")").c_str() : "",
                  std::string(name_of(l_.program.on())).c_str(), l_.threads);
  }

  void write_outputs() {
    for (const auto& [i, file] : files_) {
      if (!can_stack(outputs_[i])) {
        auto e = file_error(errc::invalid, file, "--output of several runs",
                            "results of different shapes",
                            "results that differ in the first extent alone, 2^31 - 1 in all");
        e.tensor = out_.names[i];
        refuse(e);
      }
      const array all = stack_of(outputs_[i]);
      if (auto w = write_array(file, all.view()); !w) refuse(w.error());
    }
  }

  bool compare_outputs() {
    bool same = true;
    for (std::size_t i = 0; i < out_.names.size(); ++i) {
      difference all;
      std::string first;
      json found;
      for (std::size_t r = 0; r < inputs_.size(); ++r) {
        if (!references_[r][i]) continue;
        const array &got = outputs_[i][r], &wanted = references_[r][i]->value;
        const difference d = compare(got, wanted);
        all.elements += d.elements;
        all.equal += d.equal;
        if (d.equal == d.elements || !first.empty()) continue;
        const std::string at = position(d.first, got.shape);
        const double a = real_value(got, d.first, 1, 0), b = real_value(wanted, d.first, 1, 0);
        char values[96];
        std::snprintf(values, sizeof values, ": %.9g, reference %.9g\n", a, b);
        first = "first difference at " + at +
                (inputs_.size() > 1 ? " of run " + std::to_string(r + 1) : "") + values;
        found = {{"run", r}, {"at", at}, {"value", a}, {"reference", b}};
      }
      if (std::none_of(references_.begin(), references_.end(),
                       [&](const auto& run) { return run[i].has_value(); }))
        continue;
      same = same && all.equal == all.elements;
      json j{{"output", out_.names[i]}, {"elements", all.elements}, {"identical", all.equal}};
      if (!first.empty()) j["first_difference"] = std::move(found);
      report_["references"].push_back(std::move(j));
      if (text_)
        std::printf("identical: %zu of %zu raw outputs%s\n%s", all.equal, all.elements,
                    out_.names.size() > 1 ? ("  " + in_quotes(out_.names[i])).c_str() : "",
                    first.c_str());
    }
    return same;
  }

  /// Runs the model under another law on the same inputs: do all references fit?
  bool fits(law other) {
    auto load = load_options_of(o_);
    if (!load) return false;
    load->arithmetic = other;
    auto graph = load_model_for(model(), *load);
    if (!graph) return false;
    plan_options p;
    p.on = *target_of(o_.target);
    p.threads = l_.threads;
    p.max = load->max;
    auto program = try_compile(std::move(*graph), p);
    if (!program) return false;
    session s(*program);
    for (std::size_t r = 0; r < inputs_.size(); ++r) {
      named_shapes shapes;
      for (std::size_t i = 0; i < inputs_[r].size(); ++i)
        if (const array& x = inputs_[r][i].value; !(x.shape == s.input(i).shape()))
          shapes.emplace_back(in_.names[i], x.shape);
      if (!s.try_resize(shapes)) return false;
      for (std::size_t i = 0; i < inputs_[r].size(); ++i)
        if (!s.input(i).try_assign(inputs_[r][i].value.view())) return false;
      s.run();
      for (std::size_t i = 0; i < out_.names.size(); ++i) {
        if (!references_[r][i]) continue;
        const difference d = compare(copy_of(s.output(i)), references_[r][i]->value);
        if (d.equal != d.elements) return false;
      }
    }
    return true;
  }
  /// Whether one of them fits.
  bool try_other_laws() {
    json& fitting = report_["laws_that_fit"] = json::array();
    for (law other : l_.format.laws) {
      if (other == g_.arithmetic || !fits(other)) continue;
      const std::string name(name_of(other));
      fitting.push_back(name);
      if (text_)
        std::printf("law %s gives identical outputs: --numerics %s\n", name.c_str(), name.c_str());
    }
    return !fitting.empty();
  }
  /// int8 weights, which the loader of ONNX files makes uint8 ones of zero point 128 as ONNX
  /// Runtime does on some CPUs.
  static bool were_signed(const tensor& w) {
    return w.type == dtype::s8 ||
           (w.type == dtype::u8 && !w.zero_points.empty() && w.zero_points[0] == 128);
  }
  /// Whether the framework adds products of uint8 and int8 in pairs on CPUs without VNNI.
  bool may_saturate() const {
    if (g_.arithmetic != law::onnxruntime && g_.arithmetic != law::mxnet) return false;
    return std::any_of(g_.nodes.begin(), g_.nodes.end(), [&](const node& n) {
      return n.in.size() > 1 && n.in[0] != no_tensor && n.in[1] != no_tensor &&
             g_[n.in[0]].type == dtype::u8 && were_signed(g_[n.in[1]]) && macs_of(g_, n) > 0;
    });
  }
  void suspect_saturation() {
    if (!may_saturate()) return;
    report_["may_saturate"] = true;
    const bool onnx = g_.arithmetic == law::onnxruntime;
    if (text_)
      std::printf(
          "the network has layers of uint8 x int8: %s saturates sums of two products there "
          "on a CPU without VNNI, which may be all the difference (docs/numerics.md, "
          "section %s)\n",
          onnx ? "ONNX Runtime" : "MXNet", onnx ? "11" : "10");
  }

  const run_options& o_;
  const bool text_;  // on stdout; else the JSON is there
  loaded l_;
  session s_;
  const graph& g_;
  side in_{"input", "--input", {}}, out_{"output", "--output", {}};
  std::vector<std::vector<given>> inputs_;                     // by run
  std::vector<std::vector<std::optional<given>>> references_;  // by run
  std::vector<std::vector<array>> outputs_;                    // by output, then run
  std::vector<std::pair<std::size_t, std::string>> files_;     // of outputs
  std::vector<std::string> labels_;
  bool shapes_differ_ = false;  // an input's, from those that the model was planned for
  json report_;
};

}  // namespace

int run(const run_options& o) {
  try {
    run_options sorted = o;
    for (const std::string& file : o.files) {
      const std::string ending = ending_of(file);
      (ending == ".bmp" || ending == ".png" || ending == ".jpg" || ending == ".jpeg"
           ? sorted.images
           : sorted.inputs)
          .push_back(file);
    }
    return runner(sorted).go();
  } catch (const stop& s) {
    return s.code;
  }
}

}  // namespace octet::tools
