// octet diff: the first tensor that differs from what a framework computed, and what would explain
// it.
#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "file.hpp"
#include "npy.hpp"
#include "octet/graph/print.hpp"
#include "octet/runtime/session.hpp"

namespace octet::tools {
namespace {

/// One row of a folder's index.json.
struct recorded {
  std::string name, node, file;
};
/// A tensor of octet's run. Several nodes may stand for one operator of the file: the last one's
/// output is its result.
struct computed {
  std::string name, node;  // node: "qnn.conv2d features.0.0 quantized::conv2d_relu #3"
  array value;
  rounding round = rounding::none;
  bool last = true;          // of its operator's: the operator's result
  std::int32_t padded = -1;  // the node of the operator that has padding
};

class collector final : public observer {
 public:
  std::vector<computed> tensors;
  void on_tensor(const plan_data& p, std::size_t step, tensor_id id,
                 const const_tensor_view& v) noexcept override {
    const node& n = p.source.nodes[static_cast<std::size_t>(p.steps[step].node)];
    computed c{p.source[id].name, n.name, {v.type, v.shape, {}}, n.round};
    if (n.attrs.find("pad_top") || n.attrs.find("pad_bottom") || n.attrs.find("pad_left") ||
        n.attrs.find("pad_right"))
      c.padded = p.steps[step].node;
    c.value.bytes.resize(v.size_bytes());
    if (!c.value.bytes.empty()) std::memcpy(c.value.bytes.data(), v.data, c.value.bytes.size());
    if (!tensors.empty() && !n.name.empty() && tensors.back().node == n.name && n.out.size() == 1) {
      if (c.round == rounding::none)
        c.round = tensors.back().round;  // a reshape or transpose after the operator proper
      if (c.padded < 0) c.padded = tensors.back().padded;
      tensors.back().last = false;
    }
    tensors.push_back(std::move(c));
  }
};

/// "quantized::conv2d_relu" of "features.0.0 quantized::conv2d_relu #3"; the whole of other names.
std::string operator_of(const std::string& node) {
  const std::size_t end = node.rfind(" #"),
                    at = node.rfind(' ', end == std::string::npos ? end : end - 1);
  if (node.find("::") == std::string::npos) return node;
  return node.substr(at == std::string::npos ? 0 : at + 1,
                     end == std::string::npos ? end : end - (at == std::string::npos ? 0 : at + 1));
}

/// a with its axes in the order `perm`.
array permuted(const array& a, const std::vector<int>& perm) {
  array r{a.type, {}, std::vector<std::byte>(a.bytes.size())};
  const std::size_t w = size_of(a.type), n = a.elements();
  std::vector<std::size_t> stride(perm.size(), 1), at(perm.size(), 0);
  for (std::size_t i = perm.size(); i-- > 1;)
    stride[i - 1] = stride[i] * static_cast<std::size_t>(a.shape[static_cast<int>(i)]);
  for (int p : perm) r.shape.push_back(a.shape[p]);
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t from = 0;
    for (std::size_t k = 0; k < perm.size(); ++k)
      from += at[k] * stride[static_cast<std::size_t>(perm[k])];
    std::memcpy(r.bytes.data() + i * w, a.bytes.data() + from * w, w);
    for (std::size_t k = perm.size(); k-- > 0;) {
      if (++at[k] < static_cast<std::size_t>(r.shape[static_cast<int>(k)])) break;
      at[k] = 0;
    }
  }
  return r;
}
std::size_t differing(const array& a, const array& b) {
  const std::size_t w = size_of(a.type);
  std::size_t n = 0;
  for (std::size_t i = 0; i < a.elements(); ++i)
    n += std::memcmp(a.bytes.data() + i * w, b.bytes.data() + i * w, w) != 0;
  return n;
}
/// The framework's tensor in octet's order of axes: as it is, or with the channels moved to the
/// end, whichever agrees better. False: other extents.
bool in_octets_order(const array& from, const array& like, array& to) {
  std::vector<array> candidates{from};
  if (from.shape.rank == 4) candidates.push_back(permuted(from, {0, 2, 3, 1}));
  if (from.shape.rank == 3) candidates.push_back(permuted(from, {0, 2, 1}));
  std::size_t best = SIZE_MAX;
  for (array& c : candidates) {
    if (c.type != like.type || c.elements() != like.elements()) continue;
    const bool same_but_ones = [&] {  // [1,1280,1,1] and [1,1,1,1280] hold the same
      std::vector<std::int32_t> p, q;
      for (std::int32_t v : c.shape)
        if (v != 1) p.push_back(v);
      for (std::int32_t v : like.shape)
        if (v != 1) q.push_back(v);
      return p == q;
    }();
    if (!same_but_ones) continue;
    const std::size_t d = differing(c, like);
    if (d < best) best = d, to = c;
  }
  return best != SIZE_MAX;
}

/// The layout that makes the recorded values octet's: the same bytes read with channels first, or
/// last. Empty: none.
std::string other_layout(const array& want, const array& have) {
  if (have.shape.rank != 4) return {};
  array first = want, last = want;
  first.shape = dims{have.shape[0], have.shape[3], have.shape[1], have.shape[2]};
  if (differing(permuted(first, {0, 2, 3, 1}), have) == 0)
    return "the recorded values lie with channels first (NCHW) under a shape that has them last: "
           "layout, no value differs";
  // Bytes in NHWC order that were taken for NCHW, and then brought to octet's order.
  last = permuted(want, {0, 3, 1, 2});
  last.shape = have.shape;
  if (differing(last, have) == 0)
    return "the recorded values lie with channels last (NHWC) under a shape that has them first: "
           "layout, no value differs";
  return {};
}
/// What a difference looks like, in words.
std::string explain(const array& want, const array& have, rounding round) {
  const std::size_t w = size_of(have.type), n = have.elements();
  std::size_t ones = 0, bad = 0, border = 0;
  const bool image = have.shape.rank == 4 && have.shape[1] > 2 && have.shape[2] > 2;
  for (std::size_t i = 0; i < n; ++i) {
    if (std::memcmp(want.bytes.data() + i * w, have.bytes.data() + i * w, w) == 0) continue;
    ++bad;
    if (w == 1) {
      const int a = have.type == dtype::s8 ? have.at<std::int8_t>(i) : have.at<std::uint8_t>(i),
                b = have.type == dtype::s8 ? want.at<std::int8_t>(i) : want.at<std::uint8_t>(i);
      ones += a - b == 1 || b - a == 1;
    }
    if (image) {
      const auto pixel = i / static_cast<std::size_t>(have.shape[3]),
                 x = pixel % static_cast<std::size_t>(have.shape[2]),
                 y = pixel / static_cast<std::size_t>(have.shape[2]) %
                     static_cast<std::size_t>(have.shape[1]);
      border += x == 0 || y == 0 || x + 1 == static_cast<std::size_t>(have.shape[2]) ||
                y + 1 == static_cast<std::size_t>(have.shape[1]);
    }
  }
  if (const std::string layout = other_layout(want, have); !layout.empty()) return layout;
  array a = want, b = have;
  std::sort(a.bytes.begin(), a.bytes.end());
  std::sort(b.bytes.begin(), b.bytes.end());
  if (bad > n / 20 && w == 1 && a.bytes == b.bytes)
    return "the same values in another order: layout";
  if (image && border == bad && bad > 2) return "only pixels at the border differ: padding";
  if (w == 1 && ones == bad && bad * 20 < n)
    return "all by one step: rounding (octet's is " + std::string(name_of(round)) + ")";
  if (w == 1 && bad * 2 > n)
    return "most values differ: another zero point, scale, weights or input";
  return w == 1 ? "some values differ by more than one step: saturation, or another formula"
                : "last bits of floats: another order of sums or another exp";
}

/// Keeps one tensor of a run.
class one_tensor final : public observer {
 public:
  explicit one_tensor(std::string name) : name_(std::move(name)) {}
  array value;
  void on_tensor(const plan_data& p, std::size_t, tensor_id id,
                 const const_tensor_view& v) noexcept override {
    if (p.source[id].name != name_) return;
    value = {v.type, v.shape, {}};
    value.bytes.resize(v.size_bytes());
    if (!value.bytes.empty()) std::memcpy(value.bytes.data(), v.data, v.size_bytes());
  }

 private:
  std::string name_;
};
/// The same total padding on other sides, where that gives the recorded values: "top 1, bottom 0,
/// ...". Empty: none does.
std::string other_padding(const plan& program, session& inputs, const computed& t,
                          const array& want) {
  if (t.padded < 0) return {};
  constexpr const char* names[4] = {"pad_top", "pad_bottom", "pad_left", "pad_right"};
  const attributes own = program.source().nodes[static_cast<std::size_t>(t.padded)].attrs;
  std::int64_t pad[4];
  for (int i = 0; i < 4; ++i) pad[i] = own.find(names[i]) ? own.integer(names[i]) : 0;
  const std::int64_t high = pad[0] + pad[1], wide = pad[2] + pad[3];
  if (high > 8 || wide > 8) return {};
  for (std::int64_t top = 0; top <= high; ++top)
    for (std::int64_t left = 0; left <= wide; ++left) {
      if (top == pad[0] && left == pad[2]) continue;
      graph g = program.source();
      const std::int64_t other[4] = {top, high - top, left, wide - left};
      for (int i = 0; i < 4; ++i)
        g.nodes[static_cast<std::size_t>(t.padded)].attrs.set(names[i], other[i]);
      plan_options o;
      o.keep_all = true;
      o.optimize = false;
      o.max = program.data().options.max;
      auto p = try_compile(std::move(g), o);
      if (!p) continue;
      session s(*p);
      for (std::size_t i = 0; i < s.inputs(); ++i)
        if (!s.input(i).try_assign(inputs.input(i).view())) return {};
      one_tensor found(t.name);
      s.run(found);
      if (found.value.elements() != want.elements() || differing(want, found.value) != 0) continue;
      return "padding top " + std::to_string(other[0]) + ", bottom " + std::to_string(other[1]) +
             ", left " + std::to_string(other[2]) + ", right " + std::to_string(other[3]) +
             " gives the recorded values; the file says top " + std::to_string(pad[0]) +
             ", bottom " + std::to_string(pad[1]) + ", left " + std::to_string(pad[2]) +
             ", right " + std::to_string(pad[3]);
    }
  return {};
}

result<array> load_array(const std::string& folder, const std::string& file) {
  if (file.empty() || file.find('/') != std::string::npos)
    return error_info{errc::malformed, "file name in index.json", folder, {}, {}, file, {}};
  return read_npy(folder + "/" + file);
}
result<std::vector<recorded>> read_index(const std::string& folder) {
  const auto text = read_file(folder + "/index.json", std::size_t{1} << 26);
  if (!text) {
    error_info e = text.error();
    e.supported = "a folder of examples/record/record.py or of octet run --dump";
    return e;
  }
  const auto j = nlohmann::json::parse(
      std::string_view(reinterpret_cast<const char*>(text->data()), text->size()), nullptr, false);
  if (j.is_discarded() || !j.is_object() || !j.contains("tensors") || !j["tensors"].is_array())
    return error_info{errc::malformed, "index.json", folder, {}, {}, {}, {}};
  std::vector<recorded> rows;
  for (const auto& t : j["tensors"]) {
    const auto field = [&](const char* key) {
      return t.is_object() && t.contains(key) && t[key].is_string() ? t[key].get<std::string>()
                                                                    : std::string();
    };
    rows.push_back({field("name"), field("node"), field("file")});
  }
  return rows;
}

/// How far one law agrees.
struct verdict {
  bool ran = false;
  std::size_t
      matched = 0,
      recorded = 0,
      first =
          SIZE_MAX;  // recorded tensors found in octet's run, all of them; the first that differs
  std::string report;
};
/// The recorded inputs into the session's. An exit code.
int give_inputs(session& s, const diff_options& o, const std::vector<recorded>& rows) {
  std::size_t input = 0;
  for (const recorded& r : rows)
    if (r.node == "input" && input < s.inputs()) {
      auto x = load_array(o.reference, r.file);
      auto done_ = x ? s.input(input++).try_assign(x->view()) : status(x.error());
      if (!done_) return fail(done_.error());
    }
  if (input != s.inputs())
    return fail(bad_input, o.reference + ": " + std::to_string(input) +
                               " tensors of node \"input\", the model has " +
                               std::to_string(s.inputs()) + " inputs");
  return done;
}
/// Finds octet's tensor for a recorded one: by name where names agree (TensorFlow Lite, octet's own
/// dumps), else by the k-th use of the operator (PyTorch). Keeps pointers to the tensors.
class counterparts {
 public:
  explicit counterparts(const collector& c) {
    for (const computed& t : c.tensors) {
      by_name_[t.name] = &t;
      if (t.last) by_operator_[operator_of(t.node)].push_back(&t);
    }
  }
  /// Null: none. Counts uses: ask once for each row, in order.
  const computed* of(const recorded& r) {
    if (r.node.find("::") != std::string::npos && r.node.find(' ') == std::string::npos) {
      const auto& list = by_operator_[r.node];
      const std::size_t k = used_[r.node]++;
      return k < list.size() ? list[k] : nullptr;
    }
    const auto it = by_name_.find(r.name);
    return it != by_name_.end() ? it->second : nullptr;
  }

 private:
  std::map<std::string, const computed*> by_name_;
  std::map<std::string, std::vector<const computed*>> by_operator_;
  std::map<std::string, std::size_t> used_;
};
/// `want`: in octet's order; they differ in `bad` elements.
std::string report_of(const recorded& r, const computed& t, const array& want, std::size_t bad,
                      const plan& program, session& s) {
  std::string why = explain(want, t.value, t.round);
  if (const std::string padding = other_padding(program, s, t, want); !padding.empty())
    why = padding;
  return "first difference: " + r.name + " (" + t.node + "), octet's \"" + t.name + "\" " +
         std::string(name_of(t.value.type)) + to_string(t.value.shape) + "\n  " +
         std::to_string(bad) + " of " + std::to_string(t.value.elements()) +
         " values differ: " + why + "\n";
}
verdict compare(const diff_options& o, const std::vector<recorded>& rows, std::string_view law_name,
                int& code) {
  verdict v;
  diff_options with = o;
  with.numerics = law_name;
  for (const recorded& r : rows)
    if (r.node == "input" || r.name.empty()) with.samples.push_back(o.reference + "/" + r.file);
  plan_options p;
  p.keep_all = true;
  loaded l = load_and_plan(with, p);
  code = l.code;
  if (l.code != done) return v;
  session s(l.program);
  code = give_inputs(s, o, rows);
  if (code != done) return v;
  collector c;
  s.run(c);
  v.ran = true;
  counterparts known(c);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const recorded& r = rows[i];
    if (r.node == "input") continue;
    ++v.recorded;
    const computed* t = known.of(r);
    if (!t) continue;
    auto want = load_array(o.reference, r.file);
    array ordered;
    if (!want || !in_octets_order(*want, t->value, ordered)) continue;
    ++v.matched;
    const std::size_t bad = differing(ordered, t->value);
    if (bad == 0) continue;
    v.first = i;
    v.report = report_of(r, *t, ordered, bad, l.program, s);
    return v;
  }
  return v;
}

}  // namespace

int diff(const diff_options& o) {
  auto rows = read_index(o.reference);
  if (!rows) return fail(rows.error());
  const format_info format = format_of(o.model);
  int code = done;
  const std::string first = !o.numerics.empty()   ? o.numerics
                            : format.laws.empty() ? std::string()
                                                  : std::string(name_of(format.laws.front()));
  const verdict v = compare(o, *rows, first, code);
  if (!v.ran) return code;
  if (v.matched == 0)
    return fail(bad_input, o.reference + ": no recorded tensor belongs to a tensor of this model");
  if (v.first == SIZE_MAX) {
    if (v.matched == v.recorded)
      std::printf("identical: all %zu recorded tensors, law %s\n", v.matched, first.c_str());
    else
      std::printf(
          "identical: %zu tensors, law %s; the other %zu of the recording have no counterpart in "
          "octet's run\n",
          v.matched, first.c_str(), v.recorded - v.matched);
    return done;
  }
  std::printf("law %s: %zu tensors compared\n%s", first.c_str(), v.matched, v.report.c_str());
  for (law other : format.laws) {
    const std::string name(name_of(other));
    if (name == first) continue;
    int ignored = done;
    const verdict w = compare(o, *rows, name, ignored);
    if (!w.ran) continue;
    if (w.first == SIZE_MAX)
      std::printf("law %s explains it: all %zu recorded tensors are identical (--numerics %s)\n",
                  name.c_str(), w.matched, name.c_str());
    else if (w.first > v.first)
      std::printf("law %s explains this one; its own first difference is %s\n", name.c_str(),
                  (*rows)[w.first].name.c_str());
    else
      std::printf("law %s does not explain it\n", name.c_str());
  }
  return differs;
}

}  // namespace octet::tools
