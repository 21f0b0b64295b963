#include "models.hpp"

#include <algorithm>
#include <cmath>

#include "crc32.hpp"
#include "octet/graph/print.hpp"
#include "octet/import/mxnet.hpp"
#include "octet/import/onnx.hpp"
#include "octet/import/tflite.hpp"

namespace octet_test {

using octet::const_tensor_view;
using octet::tensor_id;

octet::law law_from(const std::string& name) {
  if (const auto l = octet::enumerator_named<octet::law>(name)) return *l;
  return octet::law::tflite_ref;
}

#if defined(OCTET_TEST_TORCH)
bool has_loader(const std::string& format) {
  return format == "tflite" || format == "pytorch" || format == "mxnet" || format == "onnx";
}
octet::result<octet::graph> load_torch(const model_row& row);
#else
bool has_loader(const std::string& format) {
  return format == "tflite" || format == "mxnet" || format == "onnx";
}
#endif

namespace {
/// Shapes of the stored inputs, in order: symbol files record none, and ONNX files may leave
/// extents open.
octet::result<std::vector<std::pair<std::string, octet::dims>>> shapes_of(const model_row& row) {
  std::vector<std::pair<std::string, octet::dims>> shapes;
  for (const auto& input : row.inputs) {
    auto x = octet::tools::read_npy((row.folder / input).string());
    if (!x) return x.error();
    shapes.emplace_back("", x->shape);
  }
  return shapes;
}
octet::result<octet::graph> load_mxnet(const model_row& row) {
  octet::import::mxnet_options o;
  o.params = (row.folder / row.params).string();
  auto shapes = shapes_of(row);
  if (!shapes) return shapes.error();
  o.shapes = std::move(*shapes);
  return octet::import::try_mxnet((row.folder / row.model).string(), o);
}
octet::result<octet::graph> load_onnx(const model_row& row) {
  octet::import::onnx_options o;
  auto shapes = shapes_of(row);
  if (!shapes) return shapes.error();
  o.shapes = std::move(*shapes);
  o.as_written = row.law == as_written;
  return octet::import::try_onnx((row.folder / row.model).string(), o);
}
}  // namespace

octet::result<octet::graph> load(const model_row& row) {
  if (row.format == "mxnet") return load_mxnet(row);
  if (row.format == "onnx") return load_onnx(row);
#if defined(OCTET_TEST_TORCH)
  if (row.format == "pytorch") return load_torch(row);
#endif
  octet::import::tflite_options o;
  o.arithmetic = law_from(row.law);
  return octet::import::try_tflite((row.folder / row.model).string(), o);
}

distance distance_of(const_tensor_view y, const_tensor_view reference) {
  const auto value = [](const const_tensor_view& v, std::size_t i) {
    return v.type == octet::dtype::f64 ? static_cast<const double*>(v.data)[i]
                                       : static_cast<double>(static_cast<const float*>(v.data)[i]);
  };
  const std::size_t n = reference.shape.elements().value;
  double lo = INFINITY, hi = -INFINITY, largest = 0, sum = 0;
  distance d;
  for (std::size_t i = 0; i < n; ++i) {
    const double a = value(y, i), b = value(reference, i);
    if (!std::isfinite(a) || !std::isfinite(b)) {
      d.apart |= std::isnan(a) != std::isnan(b) || (!std::isnan(a) && a != b);
      continue;
    }
    lo = std::min(lo, b), hi = std::max(hi, b), largest = std::max(largest, std::fabs(b));
    d.most = std::max(d.most, std::fabs(a - b));
    sum += std::fabs(a - b);
  }
  const double range = hi > lo ? hi - lo : largest > 0 ? largest : 1;
  d.most /= range;
  d.mean = n == 0 ? 0 : sum / static_cast<double>(n) / range;
  return d;
}

bool runner::prepare(const model_row& row, outcome& o) {
  std::string id = row.key + " " + row.law;
  if (row.format == "onnx")  // other inputs may have other shapes
    for (const auto& input : row.inputs) {
      const auto x = octet::tools::read_npy((row.folder / input).string());
      if (x) id += " " + to_string(x->shape);
    }
  if (id != loaded_) {
    loaded_ = id;
    plan_.reset();
    session_.reset();
    auto g = load(row);
    if (!g) {
      refusal_ = g.error().message();
    } else {
      auto p = octet::try_compile(std::move(*g), options_);
      if (!p)
        refusal_ = p.error().message();
      else
        plan_ = *p;
    }
  }
  if (!plan_) {
    o.detail = refusal_;
    return false;
  }
  if (!session_ || row.step == 0) session_ = std::make_unique<octet::session>(*plan_);
  return true;
}

bool runner::assign_inputs(const model_row& row, outcome& o, std::size_t call) {
  const std::size_t count = session_->inputs();
  if (row.inputs.size() < (call + 1) * count || (count != 0 && row.inputs.size() % count != 0)) {
    o.detail = "number of inputs: " + std::to_string(count);
    return false;
  }
  for (std::size_t i = 0; i < count; ++i) {
    auto x = octet::tools::read_npy((row.folder / row.inputs[call * count + i]).string());
    auto s = x ? session_->input(i).try_assign(x->view()) : octet::status(x.error());
    if (!s) {
      o.detail = s.error().message();
      return false;
    }
  }
  return true;
}

outcome runner::run_calls(const model_row& row, std::size_t calls) {
  outcome o;
  std::vector<octet::tools::array> left;
  for (const std::string& name : row.outputs) {
    auto expected = octet::tools::read_npy((row.folder / name).string());
    if (!expected) {
      o.detail = expected.error().message();
      return o;
    }
    left.push_back(std::move(*expected));
  }
  o.what = outcome::kind::identical;
  for (std::size_t call = 0; call < calls; ++call) {
    if (!assign_inputs(row, o, call)) return o;
    session_->run();
    for (std::size_t i = 0; i < session_->outputs(); ++i) {
      const const_tensor_view y = session_->output(i).view();
      o.compared += y.shape.elements().value;
      const auto same = std::find_if(left.begin(), left.end(), [&](const auto& e) {
        return e.view().type == y.type && e.view().shape == y.shape &&
               count_differences(y, e.view()) == 0;
      });
      if (same != left.end()) {
        left.erase(same);
        continue;
      }
      o.what = outcome::kind::differs;
      o.differing += y.shape.elements().value;
      o.detail = "call " + std::to_string(call) + ", output " + std::to_string(i) +
                 " equals none that is stored";
    }
  }
  if (!left.empty()) o.what = outcome::kind::differs;
  return o;
}

outcome runner::run(const model_row& row) {
  outcome o;
  if (!prepare(row, o)) return o;
  const std::size_t count = session_->inputs();
  if (count != 0 && row.inputs.size() > count && row.inputs.size() % count == 0 &&
      row.outputs.size() == row.inputs.size() / count * session_->outputs())
    return run_calls(row, row.inputs.size() / count);
  if (!assign_inputs(row, o)) return o;
  session_->run();
  o.what = outcome::kind::identical;
  const auto wrong = [&](std::string detail) {
    o.what = outcome::kind::differs;
    if (o.detail.empty()) o.detail = std::move(detail);
  };
  if (row.outputs.size() != session_->outputs())
    wrong("number of outputs: " + std::to_string(session_->outputs()));
  for (std::size_t i = 0; i < row.outputs.size() && i < session_->outputs(); ++i) {
    auto expected = octet::tools::read_npy((row.folder / row.outputs[i]).string());
    const const_tensor_view y = session_->output(i).view();
    if (!expected || expected->view().type != y.type || !(expected->view().shape == y.shape)) {
      wrong(!expected ? expected.error().message()
                      : "output " + std::to_string(i) + " is " + std::string(name_of(y.type)) +
                            to_string(y.shape) + ", expected " +
                            std::string(name_of(expected->type)) + to_string(expected->shape));
      continue;
    }
    const std::size_t differing = count_differences(y, expected->view());
    o.compared += y.shape.elements().value;
    o.differing += differing;
    if (differing == 0) continue;
    const bool has_tolerance = row.expect == "close" && row.tolerance >= 0;
    if (!has_tolerance || !(y.type == octet::dtype::f32 || y.type == octet::dtype::f64)) {
      wrong(std::to_string(differing) + " of output " + std::to_string(i) + " differ");
      continue;
    }
    const distance d = distance_of(y, expected->view());
    if (d.apart)
      wrong("NaN or infinities in other places");
    else if (!(d.most <= row.tolerance) || !(d.mean <= row.tolerance_mean))
      wrong("off by " + std::to_string(d.most) + ", mean " + std::to_string(d.mean) +
            " of the output's range");
    else if (o.what == outcome::kind::identical)
      o.what = outcome::kind::close;
  }
  return o;
}

outcome runner::run_layers(const model_row& row) {
  outcome o;
  if (!prepare(row, o) || !assign_inputs(row, o)) return o;
  const auto file = octet::import::read_file((row.folder / row.layers).string());
  if (!file) {
    o.detail = file.error().message();
    return o;
  }
  const auto* text = reinterpret_cast<const char*>(file->bytes.data());
  std::map<tensor_id, std::uint32_t> expected;
  for (const auto& op : nlohmann::json::parse(text, text + file->bytes.size()))
    for (const auto& out : op["outs"])
      if (out.value("step", 0) == 0 && out.contains("ref_crc32"))
        expected[out["tensor"].get<tensor_id>()] = static_cast<std::uint32_t>(
            std::stoul(out["ref_crc32"].get<std::string>(), nullptr, 16));
  struct check : octet::observer {
    outcome& o;
    std::map<tensor_id, std::uint32_t>& expected;
    check(outcome& oo, std::map<tensor_id, std::uint32_t>& e) : o(oo), expected(e) {}
    void on_tensor(const octet::plan_data& p, std::size_t step, tensor_id id,
                   const const_tensor_view& v) noexcept override {
      const auto e = expected.find(id);
      if (e == expected.end()) return;
      ++o.compared;
      if (crc32({static_cast<const std::byte*>(v.data), v.size_bytes()}) == e->second) return;
      const octet::node& n = p.source.nodes[static_cast<std::size_t>(p.steps[step].node)];
      if (o.differing++ == 0) o.detail = n.name + ": " + node_text(p.source, n);
    }
  } watch(o, expected);
  session_->run(watch);
  o.what = o.differing ? outcome::kind::differs : outcome::kind::identical;
  return o;
}

}  // namespace octet_test
