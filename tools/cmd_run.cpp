#include <cmath>
#include <cstdio>
#include <filesystem>

#include "commands.hpp"
#include "image.hpp"
#include "octet/graph/print.hpp"
#include "octet/runtime/session.hpp"
#include "pixels.hpp"

namespace octet::tools {
namespace {

/// "NAME=FILE" where NAME is one of the tensors, else FILE for the next one that has none. Index
/// into `names`, or -1.
int slot(std::string& file, const std::vector<std::string>& names, std::vector<char>& taken) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!names[i].empty() && file.size() > names[i].size() + 1 &&
        file.compare(0, names[i].size(), names[i]) == 0 && file[names[i].size()] == '=' &&
        !taken[i]) {
      file.erase(0, names[i].size() + 1);
      taken[i] = 1;
      return static_cast<int>(i);
    }
  for (std::size_t i = 0; i < names.size(); ++i)
    if (!taken[i]) {
      taken[i] = 1;
      return static_cast<int>(i);
    }
  return -1;
}

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
    if (auto s = write_npy(folder_ + "/" + name + ".npy", value); !s && failed_.empty())
      failed_ = s.error().message();
    index_ += std::string(index_.empty() ? "" : ",\n") + "  {\"tensor\": " + std::to_string(id) +
              ", \"name\": " + json_string(t.name) + ", \"file\": " + json_string(name + ".npy") +
              ", \"type\": " + json_string(type_text(t)) + ", \"node\": " + json_string(node) + "}";
  }
  void on_tensor(const plan_data& p, std::size_t step, tensor_id id,
                 const const_tensor_view& value) noexcept override {
    const node& n = p.source.nodes[static_cast<std::size_t>(p.steps[step].node)];
    add(p.source, id, value, std::string(n.op->name) + " " + n.name);
  }
  status finish(const graph& g) {
    if (!failed_.empty()) return error_info{errc::io, failed_, {}, {}, {}, {}, {}};
    return write_file(folder_ + "/index.json",
                      "{\"model\": " + json_string(base_name(g.name)) +
                          ", \"law\": " + json_string(name_of(g.arithmetic)) +
                          ", \"tensors\": [\n" + index_ + "\n]}\n");
  }

 private:
  std::string folder_, index_, failed_;
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

struct wanted {
  array value;
  std::string file;
};

/// Runs the model under another law on the same inputs: do all references fit?
bool fits(const model_options& o, law l, const std::vector<array>& inputs,
          const std::vector<std::optional<wanted>>& references) {
  load_options load = *load_options_of(o);
  load.arithmetic = l;
  auto graph = load_model(o.model, load);
  if (!graph) return false;
  plan_options p;
  p.on = *target_of(o.target);
  p.threads = threads_of(o.threads);
  auto program = try_compile(std::move(*graph), p);
  if (!program) return false;
  session s(*program);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!s.input(i).try_assign(inputs[i].view())) return false;
  s.run();
  for (std::size_t i = 0; i < references.size(); ++i)
    if (references[i]) {
      const array got = copy_of(s.output(i));
      const difference d = compare(got, references[i]->value);
      if (d.equal != d.elements) return false;
    }
  return true;
}

}  // namespace

int run(const run_options& o) {
  plan_options p;
  p.keep_all = !o.dump.empty();
  model_options of = o;
  of.samples = o.inputs;
  loaded l = load_and_plan(of, p);
  if (l.code != done) return l.code;
  session s(l.program);
  const graph& g = l.program.source();

  // Inputs: --input files first, then images, each to the input it names or the next free one.
  std::vector<std::string> names(s.inputs());
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = s.input(i).name();
  std::vector<char> taken(names.size());
  std::vector<array> values(names.size());
  std::vector<std::string> notes(names.size());
  for (std::string file : o.inputs) {
    const int i = slot(file, names, taken);
    if (i < 0)
      return fail(bad_usage, "--input " + file + ": the model has " + std::to_string(names.size()) +
                                 " input(s), all of them given");
    auto a = read_npy(file);
    if (!a) return fail(a.error());
    values[static_cast<std::size_t>(i)] = std::move(*a);
    notes[static_cast<std::size_t>(i)] = base_name(file);
  }
  for (std::string file : o.images) {
    const int i = slot(file, names, taken);
    if (i < 0)
      return fail(bad_usage, "--image " + file + ": the model has " + std::to_string(names.size()) +
                                 " input(s), all of them given");
    const bound_tensor t = s.input(static_cast<std::size_t>(i));
    auto photo = read_image(file);
    if (!photo) return fail(photo.error());
    auto a = image_input(*photo, t.type(), t.shape(), t.scale().value, t.zero_point().value,
                         {o.mean, o.std});
    if (!a) {
      a.error().file = file;
      a.error().tensor = t.name();
      return fail(a.error());
    }
    const image_shape size = image_shape_of(t.shape());
    values[static_cast<std::size_t>(i)] = std::move(*a);
    notes[static_cast<std::size_t>(i)] =
        base_name(file) +
        (photo->width == size.width && photo->height == size.height
             ? ""
             : " resized " + std::to_string(size.width) + "x" + std::to_string(size.height));
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!taken[i])
      return fail(bad_usage, "input " + std::to_string(i) + " (\"" + names[i] + "\", " +
                                 type_text(g[g.inputs[i]]) + ") needs --input or --image");
    if (auto a = s.input(i).try_assign(values[i].view()); !a) {
      a.error().file = notes[i];
      return fail(a.error());
    }
  }

  // References are read before running: a wrong file should not cost a run.
  std::vector<std::string> out_names(s.outputs());
  for (std::size_t i = 0; i < out_names.size(); ++i) out_names[i] = s.output(i).name();
  std::vector<std::optional<wanted>> references(out_names.size());
  std::vector<char> out_taken(out_names.size());
  for (std::string file : o.references) {
    const int i = slot(file, out_names, out_taken);
    if (i < 0)
      return fail(bad_usage, "--reference " + file + ": the model has " +
                                 std::to_string(out_names.size()) + " output(s)");
    auto a = read_npy(file);
    if (!a) return fail(a.error());
    const bound_tensor t = s.output(static_cast<std::size_t>(i));
    if (a->type != t.type() || !(a->shape == t.shape())) {
      auto e = file_error(errc::invalid, file, "reference",
                          std::string(name_of(a->type)) + to_string(a->shape),
                          std::string(name_of(t.type())) + to_string(t.shape()));
      e.tensor = t.name();
      return fail(e);
    }
    references[static_cast<std::size_t>(i)] = wanted{std::move(*a), file};
  }
  std::vector<std::string> labels;
  if (!o.labels.empty()) {
    auto read = read_labels(o.labels);
    if (!read) return fail(read.error());
    labels = std::move(*read);
    if (s.outputs() == 0) return fail(bad_usage, "--labels: the model has no output");
    if (auto f = fit_labels(labels, s.output(0).shape().elements().value, o.labels); !f)
      return fail(f.error());
  }

  if (o.dump.empty()) {
    s.run();
  } else {
    std::error_code made;
    std::filesystem::create_directories(o.dump, made);
    dumper d(o.dump);
    for (std::size_t i = 0; i < s.inputs(); ++i) d.add(g, g.inputs[i], s.input(i).view(), "input");
    s.run(d);
    if (auto f = d.finish(g); !f) return fail(f.error());
  }

  for (std::size_t i = 0; i < names.size(); ++i)
    std::printf("input   %s %s  %s%s\n", std::string(name_of(values[i].type)).c_str(),
                to_string(values[i].shape).c_str(), notes[i].c_str(),
                names.size() > 1 ? ("  \"" + names[i] + "\"").c_str() : "");
  const bool is_default = !l.format.laws.empty() && l.format.laws.front() == g.arithmetic;
  std::printf("law     %s%s     target %s     threads %u\n",
              std::string(name_of(g.arithmetic)).c_str(),
              is_default ? (std::string(" (default for ") + l.format.name + ")").c_str() : "",
              std::string(name_of(l.program.on())).c_str(), l.threads);
  const unsigned top = o.top != 0 ? o.top : labels.empty() ? 0 : 5;
  if (top != 0 && s.outputs() != 0) {
    const bound_tensor t = s.output(0);
    const array a = copy_of(t);
    std::vector<double> scores(a.elements());
    for (std::size_t i = 0; i < scores.size(); ++i)
      scores[i] = real_value(a, i, t.scale().value, t.zero_point().value);
    std::string line;
    for (std::size_t i : top_k(scores, top)) {
      char score[32];
      std::snprintf(score, sizeof score, " %.4g", scores[i]);
      line += (line.empty() ? "" : "   ") + (labels.empty() ? "#" + std::to_string(i) : labels[i]) +
              score;
    }
    std::printf("top %-3u %s\n", top, line.c_str());
  }
  std::vector<char> written(out_names.size());
  for (std::string file : o.outputs) {
    const int i = slot(file, out_names, written);
    if (i < 0)
      return fail(bad_usage, "--output " + file + ": the model has " +
                                 std::to_string(out_names.size()) + " output(s)");
    if (auto w = write_npy(file, s.output(static_cast<std::size_t>(i)).view()); !w)
      return fail(w.error());
  }

  bool same = true;
  for (std::size_t i = 0; i < references.size(); ++i) {
    if (!references[i]) continue;
    const bound_tensor t = s.output(i);
    const array got = copy_of(t);
    const difference d = compare(got, references[i]->value);
    const std::string which = out_names.size() > 1 ? "  \"" + out_names[i] + "\"" : "";
    std::printf("identical: %zu of %zu raw outputs%s\n", d.equal, d.elements, which.c_str());
    if (d.equal != d.elements) {
      same = false;
      std::printf("first difference at %s: %.9g, reference %.9g\n",
                  position(d.first, t.shape()).c_str(), real_value(got, d.first, 1, 0),
                  real_value(references[i]->value, d.first, 1, 0));
    }
  }
  if (same) return done;
  for (law other : l.format.laws)
    if (other != g.arithmetic && fits(of, other, values, references))
      std::printf("law %s gives identical outputs: --numerics %s\n",
                  std::string(name_of(other)).c_str(), std::string(name_of(other)).c_str());
  return differs;
}

}  // namespace octet::tools
