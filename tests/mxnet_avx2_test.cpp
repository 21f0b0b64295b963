// The MXNet loader against MXNet itself. The stored outputs of MXNet come from a CPU with AVX2 and
// without VNNI, where oneDNN's integer layers are not exact; octet's law is what they would be if
// they were. This file computes the loaded graphs with oneDNN's accumulation and with the faults of
// MXNet's plain convolutions, and must give MXNet's bits: what differs between octet and such a CPU
// is then exactly what is written here.
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>

#include "models.hpp"
#include "octet/import/mxnet.hpp"
#include "octet/import/mxnet/params.hpp"
#include "octet/import/mxnet/symbol.hpp"
#include "octet/ops/fully_connected.hpp"
#include "octet/ops/requantize_add.hpp"
#include "octet/plan/prepare_step.hpp"
#include "skip.hpp"

namespace {

using namespace octet;
namespace mx = octet::mxnet_model;

constexpr float int32_levels = 0x1p31f;

/// Everything of one model: the graph as loaded (nothing fused), the file's own symbol and arrays.
class avx2_run {
 public:
  avx2_run(graph g, mx::symbol s, mx::params p)
      : g_(std::move(g)), symbol_(std::move(s)), params_(std::move(p)), at_(g_.tensors.size()) {}

  std::vector<std::byte>& input(std::size_t i) { return at_[index(g_.inputs[i])]; }
  const_tensor_view output(std::size_t i) const {
    const tensor_id t = g_.outputs[i];
    return {bytes(t), g_[t].type, g_[t].shape};
  }
  void run() {
    for (std::size_t i = 0; i < g_.nodes.size(); ++i) {
      const node n = g_.nodes[i];
      for (tensor_id t : n.out)
        at_[index(t)].resize(bytes_of(g_[t].shape.elements(), g_[t].type).value);
      const bool layer =
          n.op == &ops::conv2d || n.op == &ops::depthwise_conv2d || n.op == &ops::fully_connected;
      if (layer)
        accumulate(n);
      else
        reference_of(n);
    }
  }
  std::size_t saturated = 0;  // pairs that did not fit int16

 private:
  static std::size_t index(tensor_id t) { return static_cast<std::size_t>(t); }
  const std::byte* bytes(tensor_id t) const {
    return g_[t].role == tensor::kind::constant ? g_[t].data.bytes.data() : at_[index(t)].data();
  }
  void reference_of(const node& n) {
    const node_inputs in(g_, n);
    plan_memory memory;
    step st;
    REQUIRE(detail::prepare_step(*n.op, in.view(), target::reference, &detail::no_kernel, 1, memory,
                                 st));
    std::vector<const void*> from;
    std::vector<void*> to;
    for (tensor_id t : n.in) from.push_back(t == no_tensor ? nullptr : bytes(t));
    for (tensor_id t : n.out) to.push_back(at_[index(t)].data());
    buffer scratch{Bytes(st.scratch)};
    st.run({st.params, {from.data(), from.size()}, {to.data(), to.size()}, scratch.data(), 0, 1});
  }

  // ---- what the file says of a layer ----
  const mx::symbol_node& source(const node& n) const {
    for (const mx::symbol_node& s : symbol_.nodes)
      if (n.name == s.op + " " + s.name) return s;
    FAIL("no such node: " + n.name);
    return symbol_.nodes[0];
  }
  const mx::params_array& array(const mx::symbol_node& s, std::size_t input) const {
    const auto* a =
        params_.find(symbol_.nodes[static_cast<std::size_t>(s.inputs[input].node)].name);
    REQUIRE(a);
    return *a;
  }
  template <class T> std::vector<T> values(const mx::params_array& a) const {
    std::vector<T> v(a.bytes.size() / sizeof(T));
    std::memcpy(v.data(), a.bytes.data(), a.bytes.size());
    return v;
  }
  float largest(const mx::symbol_node& s, std::size_t input) const {
    return std::max(std::fabs(values<float>(array(s, input))[0]),
                    std::fabs(values<float>(array(s, input + 1))[0]));
  }
  static float levels(dtype t) { return t == dtype::u8 ? 255.5f : 127.5f; }
  float levels_per_unit(tensor_id t) const { return numerics::levels_per_unit(g_[t].scales[0]); }

  // ---- the layers ----
  /// Weights [O, taps, I / groups], one group after the other.
  struct weights {
    std::vector<std::int32_t> w;
    std::size_t out = 0, taps = 0, in = 0;
  };
  weights held_weights(const node& n) const {
    const tensor& t = g_[n.in[1]];
    const auto* w = reinterpret_cast<const std::int8_t*>(t.data.bytes.data());
    weights r;
    const bool depthwise = n.op == &ops::depthwise_conv2d, matrix = t.shape.rank == 2;
    r.out = static_cast<std::size_t>(depthwise ? t.shape[3] : t.shape[0]);
    r.taps = matrix ? 1 : static_cast<std::size_t>(t.shape[1] * t.shape[2]);
    r.in = depthwise ? 1 : static_cast<std::size_t>(matrix ? t.shape[1] : t.shape[3]);
    r.w.resize(r.out * r.taps * r.in);
    for (std::size_t o = 0; o < r.out; ++o)
      for (std::size_t k = 0; k < r.taps * r.in; ++k)
        r.w[o * r.taps * r.in + k] = depthwise ? w[k * r.out + o] : w[o * r.taps * r.in + k];
    return r;
  }
  /// A fused convolution's weights as oneDNN stores them: int8 data want them at half scale, and
  /// MXNet quantizes those of group g with the scale of channel g.
  void requantize_weights(const node& n, std::int32_t groups, bool half, weights& to) {
    const mx::symbol_node& s = source(n);
    const auto w = values<float>(array(s, 1));
    const mx::symbol_node* inner = nullptr;
    for (const auto& k : s.subgraphs[0].nodes)
      if (k.op == "Convolution") inner = &k;
    REQUIRE(inner);
    const auto no_bias = inner->attributes.find("no_bias");
    const bool has_bias = no_bias == inner->attributes.end() || no_bias->second != "True";
    const auto bias = has_bias ? values<float>(array(s, 2)) : std::vector<float>();
    const float data = levels_per_unit(n.in[0]);
    const std::size_t count = w.size() / to.out;
    std::vector<float> scale;
    for (std::size_t o = 0; o < to.out; ++o) {
      float top = 0;
      for (std::size_t i = 0; i < count; ++i) top = std::max(top, std::fabs(w[o * count + i]));
      float v = top > 0 ? numerics::div(127.5f, top) : int32_levels;
      if (has_bias && bias[o] != 0)
        v = std::min(v,
                     numerics::div(numerics::div(bias[o] > 0 ? 0x1p30f : -0x1p30f, bias[o]), data));
      scale.push_back(v);
    }
    const bool whole_groups = groups > 1 && static_cast<std::size_t>(groups) != to.out;
    for (std::size_t o = 0; o < to.out; ++o) {
      const float v = scale[whole_groups ? o / (to.out / static_cast<std::size_t>(groups)) : o] *
                      (half ? 0.5f : 1.f);
      for (std::size_t i = 0; i < to.in; ++i)
        for (std::size_t t = 0; t < to.taps; ++t)
          to.w[(o * to.taps + t) * to.in + i] = static_cast<std::int32_t>(numerics::clamp(
              numerics::rint(numerics::mul(w[o * count + i * to.taps + t], v)), -128.f, 127.f));
    }
    if (!half) return;
    // The accumulator has half its size: the bias too, and the multiplier twice.
    for (double& v : g_[n.out[0]].scales) v *= 2;
    for (node& r : g_.nodes) {
      if (r.in.empty() || r.in[0] != n.out[0]) continue;
      const std::size_t at = r.op == &ops::requantize_add ? 2 : 1;
      if (r.in.size() <= at) continue;
      const auto bytes = g_[r.in[at]].data.bytes;
      std::vector<float> b(bytes.size() / 4);
      std::memcpy(b.data(), bytes.data(), bytes.size());
      for (float& v : b) v *= 0.5f;
      g_[r.in[at]].data = constant_data::of(std::span<const float>(b));
    }
  }
  /// MXNet's plain convolution takes 127 levels for uint8 data, and adds the bias as the file has
  /// it, whatever its scale. Gives the bias.
  std::vector<std::int32_t> plain_faults(const node& n) {
    const mx::symbol_node& s = source(n);
    const std::size_t base = s.inputs.size() / 3;
    REQUIRE(g_[n.in[0]].type == dtype::u8);
    const auto x = static_cast<float>(numerics::mul(g_[n.in[0]].scales[0], 255.5));
    const float range =
        numerics::mul(numerics::div(x, 127.f), numerics::div(largest(s, base + 2), 127.f));
    for (node& r : g_.nodes)
      if (!r.in.empty() && r.in[0] == n.out[0]) {
        REQUIRE(r.op == &ops::requantize);
        const tensor& y = g_[r.out[0]];
        const auto top =
            static_cast<float>(numerics::mul(y.scales[0], static_cast<double>(levels(y.type))));
        const float factor =
            numerics::mul(range, numerics::div(y.type == dtype::s8 ? 127.f : 255.f, top));
        g_[n.out[0]].scales.assign(1, numerics::mul(static_cast<double>(factor), y.scales[0]));
      }
    std::vector<std::int32_t> bias;
    if (base == 3)
      for (std::int8_t v : values<std::int8_t>(array(s, 2))) bias.push_back(v);
    return bias;
  }
  std::vector<std::int32_t> integer_bias(const node& n) const {
    if (n.in.size() < 3) return {};
    REQUIRE(g_[n.in[2]].type == dtype::s32);
    std::vector<std::int32_t> b(g_[n.in[2]].data.bytes.size() / 4);
    std::memcpy(b.data(), g_[n.in[2]].data.bytes.data(), b.size() * 4);
    return b;
  }

  void accumulate(const node& n) {
    REQUIRE(g_[n.out[0]].type == dtype::s32);
    const tensor &x = g_[n.in[0]], &y = g_[n.out[0]];
    const bool matrix = n.op == &ops::fully_connected, u8 = x.type == dtype::u8,
               fused = n.name.starts_with("_sg_mkldnn_conv "),
               plain = n.name.starts_with("_contrib_quantized_conv ");
    const attribute_view attrs(n.attrs);
    const auto a = read_attributes<conv2d_attrs>(attrs);
    weights w = held_weights(n);
    const std::int32_t groups = n.op == &ops::depthwise_conv2d ? x.shape[3] : a.groups;
    if (fused) requantize_weights(n, matrix ? 1 : groups, !u8, w);
    const auto bias = plain ? plain_faults(n) : integer_bias(n);
    // Grouped convolutions are exact, and plain ones with a bias whose channels are no multiple of
    // 4: oneDNN has no fast kernel for them.
    const bool pairs = u8 && groups == 1 && !(plain && !bias.empty() && w.in % 4 != 0);
    const auto read = [&](std::size_t i) -> std::int32_t {
      const std::byte* b = bytes(n.in[0]);
      return u8 ? static_cast<std::int32_t>(b[i]) : static_cast<std::int8_t>(b[i]);
    };
    const auto sum = [&](std::size_t from, std::size_t at) {
      std::int32_t acc = 0;
      for (std::size_t i = 0; i < w.in; i += 2) {
        std::int32_t p = read(from + i) * w.w[at + i];
        if (i + 1 < w.in) p += read(from + i + 1) * w.w[at + i + 1];
        if (pairs && (p > 32767 || p < -32768)) {
          ++saturated;
          p = p < 0 ? -32768 : 32767;
        }
        acc += p;
      }
      return acc;
    };
    auto* to = reinterpret_cast<std::int32_t*>(at_[index(n.out[0])].data());
    const auto group_out = w.out / static_cast<std::size_t>(matrix ? 1 : groups);
    if (matrix) {
      const std::size_t rows = x.shape.elements().value / w.in;
      for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t o = 0; o < w.out; ++o)
          to[r * w.out + o] = sum(r * w.in, o * w.in) + (bias.empty() ? 0 : bias[o]);
      return;
    }
    const std::int32_t kw = n.op == &ops::depthwise_conv2d || !matrix ? g_[n.in[1]].shape[2] : 1;
    std::size_t at = 0;
    for (std::int32_t b = 0; b < y.shape[0]; ++b)
      for (std::int32_t oy = 0; oy < y.shape[1]; ++oy)
        for (std::int32_t ox = 0; ox < y.shape[2]; ++ox)
          for (std::size_t o = 0; o < w.out; ++o, ++at) {
            std::int32_t acc = bias.empty() ? 0 : bias[o];
            for (std::size_t t = 0; t < w.taps; ++t) {
              const auto tap = static_cast<std::int32_t>(t);
              const std::int32_t iy = oy * a.stride_h - a.pad_top + tap / kw * a.dilation_h,
                                 ix = ox * a.stride_w - a.pad_left + tap % kw * a.dilation_w;
              if (iy < 0 || iy >= x.shape[1] || ix < 0 || ix >= x.shape[2]) continue;
              const auto pixel = static_cast<std::size_t>((b * x.shape[1] + iy) * x.shape[2] + ix);
              acc += sum(pixel * static_cast<std::size_t>(x.shape[3]) + o / group_out * w.in,
                         (o * w.taps + t) * w.in);
            }
            to[at] = acc;
          }
  }

  graph g_;
  mx::symbol symbol_;
  mx::params params_;
  std::vector<std::vector<std::byte>> at_;
};

}  // namespace

TEST_CASE("MXNet: the loaded graphs with oneDNN's AVX2 accumulation give MXNet's own outputs",
          "[shared]") {
  const std::filesystem::path root = OCTET_MODELS;
  std::size_t models = 0, compared = 0, saturated = 0;
  for (const auto& row : octet_test::read_manifest(root)) {
    if (row.law != "mxnet") continue;
    std::vector<std::string> outputs;  // MXNet's, beside octet_exact's
    for (std::string o : row.outputs) {
      o.replace(o.find("output_exact"), 12, "output");
      if (std::filesystem::exists(row.folder / o)) outputs.push_back(o);
    }
    if (outputs.empty()) continue;  // MXNet itself cannot run that model
    INFO(row.name());
    auto g = octet_test::load(row);
    REQUIRE(g);
    const auto text = import::read_file((row.folder / row.model).string());
    const auto arrays = import::read_file((row.folder / row.params).string());
    REQUIRE(text);
    REQUIRE(arrays);
    auto s = mx::read_symbol(text->bytes);
    auto p = mx::read_params(arrays->bytes);
    REQUIRE(s);
    REQUIRE(p);
    avx2_run run(std::move(*g), std::move(*s), std::move(*p));
    for (std::size_t i = 0; i < row.inputs.size(); ++i) {
      const auto x = octet::tools::read_npy((row.folder / row.inputs[i]).string());
      REQUIRE(x);
      const auto* from = static_cast<const std::byte*>(x->view().data);
      run.input(i).assign(from, from + x->view().size_bytes());
    }
    run.run();
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const auto e = octet::tools::read_npy((row.folder / outputs[i]).string());
      REQUIRE(e);
      const auto y = run.output(i);
      REQUIRE(y.type == e->view().type);
      REQUIRE(y.shape == e->view().shape);
      CHECK(octet_test::count_differences(y, e->view()) == 0);
      compared += y.shape.elements().value;
    }
    ++models;
    saturated += run.saturated;
  }
  if (models == 0) return octet_test::skip("no shared models");
  CHECK(models >= 18);
  CHECK(compared > 5000);
  CHECK(saturated > 0);  // else the files say nothing about pairs
}
