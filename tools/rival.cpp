#include "rival.hpp"

#if defined(OCTET_HAVE_XNNPACK)
#include <xnnpack.h>

#include <limits>
#endif

namespace octet::tools {

#if defined(OCTET_HAVE_XNNPACK)
namespace {

/// An operator of XNNPACK with its memory and threads. XNNPACK reads a little beyond the end.
struct prepared_operator {
  xnn_operator_t op = nullptr;
  pthreadpool_t pool = nullptr;  // null: the caller's thread
  std::vector<std::vector<std::byte>> in;
  std::vector<std::byte> out;

  prepared_operator() = default;
  prepared_operator(const prepared_operator&) = delete;
  prepared_operator& operator=(const prepared_operator&) = delete;
  ~prepared_operator() {
    if (op != nullptr) xnn_delete_operator(op);
    if (pool != nullptr) pthreadpool_destroy(pool);
  }
  template <class T> const T* input(std::size_t i) const {
    return reinterpret_cast<const T*>(in[i].data());
  }
  template <class T> T* output() { return reinterpret_cast<T*>(out.data()); }
};

/// What calls of XNNPACK are given of a node, as they want it.
struct facts {
  const graph& g;
  const node& n;

  const tensor& in(std::size_t i) const { return g[n.in[i]]; }
  const tensor& y() const { return g[n.out[0]]; }
  dtype type() const { return in(0).type; }
  template <class T> const T* data(std::size_t i) const {
    return i < n.in.size() && n.in[i] != no_tensor
               ? reinterpret_cast<const T*>(in(i).data.bytes.data())
               : nullptr;
  }
  static float scale(const tensor& t) { return t.desc().scale_f32(); }
  template <class T> static T zero(const tensor& t) {
    return static_cast<T>(t.desc().zero_point());
  }
  template <class T> T lowest() const {
    if constexpr (std::is_same_v<T, float>)
      return static_cast<float>(
          n.attrs.real("float_lo", -double{std::numeric_limits<float>::infinity()}));
    else
      return static_cast<T>(n.attrs.integer("clamp_lo", std::numeric_limits<T>::min()));
  }
  template <class T> T highest() const {
    if constexpr (std::is_same_v<T, float>)
      return static_cast<float>(
          n.attrs.real("float_hi", double{std::numeric_limits<float>::infinity()}));
    else
      return static_cast<T>(n.attrs.integer("clamp_hi", std::numeric_limits<T>::max()));
  }
};

/// XNNPACK has no such operator: what it has stands in the message.
constexpr auto no_such = xnn_status_unsupported_parameter;

std::vector<float> scales_of(const tensor& w, std::size_t channels) {
  std::vector<float> s;
  for (std::size_t c = 0; c < channels; ++c) s.push_back(w.desc().scale_f32(c));
  return s;
}
/// [1,h,w,channels] as XNNPACK's default depthwise layout, [channel][h][w].
std::vector<std::byte> channels_first(const tensor& w) {
  const std::size_t size = size_of(w.type), channels = as_size(w.shape.back(0)),
                    taps = w.shape.elements().value / std::max<std::size_t>(channels, 1);
  std::vector<std::byte> to(w.data.bytes.size());
  for (std::size_t t = 0; t < taps; ++t)
    for (std::size_t c = 0; c < channels; ++c)
      std::memcpy(&to[(c * taps + t) * size], &w.data.bytes[(t * channels + c) * size], size);
  return to;
}

xnn_status convolution(const facts& f, bool depthwise, prepared_operator& to) {
  const auto a = read_attributes<conv2d_attrs>(f.n.attrs);
  const tensor &x = f.in(0), &w = f.in(1), &y = f.y();
  const auto number = [](std::int32_t v) { return static_cast<std::uint32_t>(v); };
  const std::size_t in_c = as_size(x.shape[3]), out_c = as_size(y.shape[3]),
                    groups = depthwise ? in_c : as_size(a.groups);
  const auto create = [&](auto make, auto... more) {
    return make(number(a.pad_top), number(a.pad_right), number(a.pad_bottom), number(a.pad_left),
                number(w.shape[1]), number(w.shape[2]), number(a.stride_h), number(a.stride_w),
                number(a.dilation_h), number(a.dilation_w), static_cast<std::uint32_t>(groups),
                in_c / groups, out_c / groups, in_c, out_c, more..., 0u, &to.op);
  };
  const auto set_up = [&]<class T>(auto set, T) {
    return set(to.op, as_size(x.shape[0]), as_size(x.shape[1]), as_size(x.shape[2]), to.input<T>(0),
               to.output<T>(), to.pool);
  };
  const std::vector<std::byte> turned = depthwise ? channels_first(w) : std::vector<std::byte>();
  const void* weights = depthwise ? turned.data() : w.data.bytes.data();
  xnn_status s = no_such;
  if (f.type() == dtype::s8 && w.type == dtype::s8 && y.type == dtype::s8) {
    const std::vector<float> scales = scales_of(w, out_c);
    s = create(&xnn_create_convolution2d_nhwc_qc8, f.zero<std::int8_t>(x), f.scale(x),
               scales.data(), static_cast<const std::int8_t*>(weights), f.data<std::int32_t>(2),
               f.zero<std::int8_t>(y), f.scale(y), f.lowest<std::int8_t>(),
               f.highest<std::int8_t>());
    if (s == xnn_status_success) s = set_up(&xnn_setup_convolution2d_nhwc_qc8, std::int8_t{});
  } else if (f.type() == dtype::u8 && w.type == dtype::u8 && y.type == dtype::u8 &&
             w.scales.size() == 1) {
    s = create(&xnn_create_convolution2d_nhwc_qu8, f.zero<std::uint8_t>(x), f.scale(x),
               f.zero<std::uint8_t>(w), f.scale(w), static_cast<const std::uint8_t*>(weights),
               f.data<std::int32_t>(2), f.zero<std::uint8_t>(y), f.scale(y),
               f.lowest<std::uint8_t>(), f.highest<std::uint8_t>());
    if (s == xnn_status_success) s = set_up(&xnn_setup_convolution2d_nhwc_qu8, std::uint8_t{});
  } else if (f.type() == dtype::f32 && w.type == dtype::f32) {
    s = create(&xnn_create_convolution2d_nhwc_f32, static_cast<const float*>(weights),
               f.data<float>(2), f.lowest<float>(), f.highest<float>());
    if (s == xnn_status_success) s = set_up(&xnn_setup_convolution2d_nhwc_f32, 0.f);
  }
  return s;
}

xnn_status fully_connected(const facts& f, prepared_operator& to) {
  const tensor &x = f.in(0), &w = f.in(1), &y = f.y();
  const std::size_t units = as_size(w.shape[0]), depth = as_size(w.shape[1]),
                    rows = x.shape.elements().value / std::max<std::size_t>(depth, 1);
  const auto create = [&](auto make, auto... more) {
    return make(depth, units, depth, units, more..., 0u, &to.op);
  };
  const auto set_up = [&]<class T>(auto set, T) {
    return set(to.op, rows, to.input<T>(0), to.output<T>(), to.pool);
  };
  xnn_status s = no_such;
  if (f.type() == dtype::s8 && w.type == dtype::s8 && y.type == dtype::s8 && w.scales.size() == 1) {
    s = create(&xnn_create_fully_connected_nc_qs8, f.zero<std::int8_t>(x), f.scale(x), f.scale(w),
               f.data<std::int8_t>(1), f.data<std::int32_t>(2), f.zero<std::int8_t>(y), f.scale(y),
               f.lowest<std::int8_t>(), f.highest<std::int8_t>());
    if (s == xnn_status_success) s = set_up(&xnn_setup_fully_connected_nc_qs8, std::int8_t{});
  } else if (f.type() == dtype::u8 && w.type == dtype::u8 && y.type == dtype::u8 &&
             w.scales.size() == 1) {
    s = create(&xnn_create_fully_connected_nc_qu8, f.zero<std::uint8_t>(x), f.scale(x),
               f.zero<std::uint8_t>(w), f.scale(w), f.data<std::uint8_t>(1),
               f.data<std::int32_t>(2), f.zero<std::uint8_t>(y), f.scale(y),
               f.lowest<std::uint8_t>(), f.highest<std::uint8_t>());
    if (s == xnn_status_success) s = set_up(&xnn_setup_fully_connected_nc_qu8, std::uint8_t{});
  } else if (f.type() == dtype::f32 && w.type == dtype::f32) {
    s = create(&xnn_create_fully_connected_nc_f32, f.data<float>(1), f.data<float>(2),
               f.lowest<float>(), f.highest<float>());
    if (s == xnn_status_success) s = set_up(&xnn_setup_fully_connected_nc_f32, 0.f);
  }
  return s;
}

/// Sums and products: the calls of one element type.
template <class T, class Create, class Set>
xnn_status two_operands(const facts& f, prepared_operator& to, Create create, Set set) {
  const tensor &a = f.in(0), &b = f.in(1), &y = f.y();
  xnn_status s;
  if constexpr (std::is_same_v<T, float>)
    s = create(f.lowest<T>(), f.highest<T>(), 0u, &to.op);
  else
    s = create(f.zero<T>(a), f.scale(a), f.zero<T>(b), f.scale(b), f.zero<T>(y), f.scale(y),
               f.lowest<T>(), f.highest<T>(), 0u, &to.op);
  if (s != xnn_status_success) return s;
  std::vector<std::size_t> shapes[2];
  for (std::size_t i = 0; i < 2; ++i)
    for (const std::int32_t e : f.in(i).shape) shapes[i].push_back(as_size(e));
  return set(to.op, shapes[0].size(), shapes[0].data(), shapes[1].size(), shapes[1].data(),
             to.input<T>(0), to.input<T>(1), to.output<T>(), to.pool);
}
xnn_status sum(const facts& f, prepared_operator& to) {
  if (f.in(1).type != f.type() || f.y().type != f.type()) return no_such;
  if (f.type() == dtype::s8)
    return two_operands<std::int8_t>(f, to, &xnn_create_add_nd_qs8, &xnn_setup_add_nd_qs8);
  if (f.type() == dtype::u8)
    return two_operands<std::uint8_t>(f, to, &xnn_create_add_nd_qu8, &xnn_setup_add_nd_qu8);
  return f.type() == dtype::f32
             ? two_operands<float>(f, to, &xnn_create_add_nd_f32, &xnn_setup_add_nd_f32)
             : no_such;
}
xnn_status product(const facts& f, prepared_operator& to) {
  if (f.in(1).type != f.type() || f.y().type != f.type()) return no_such;
  if (f.type() == dtype::s8)
    return two_operands<std::int8_t>(f, to, &xnn_create_multiply_nd_qs8,
                                     &xnn_setup_multiply_nd_qs8);
  if (f.type() == dtype::u8)
    return two_operands<std::uint8_t>(f, to, &xnn_create_multiply_nd_qu8,
                                      &xnn_setup_multiply_nd_qu8);
  return f.type() == dtype::f32
             ? two_operands<float>(f, to, &xnn_create_multiply_nd_f32, &xnn_setup_multiply_nd_f32)
             : no_such;
}
xnn_status create(const facts& f, prepared_operator& to) {
  const op_def* op = f.n.op;
  if (op == &ops::conv2d || op == &ops::float_conv2d) return convolution(f, false, to);
  if (op == &ops::depthwise_conv2d || op == &ops::float_depthwise_conv2d)
    return convolution(f, true, to);
  if (op == &ops::fully_connected || op == &ops::float_fully_connected)
    return fully_connected(f, to);
  if (op == &ops::qnn_add || op == &ops::add) return sum(f, to);
  if (op == &ops::qnn_mul || op == &ops::mul) return product(f, to);
  return no_such;
}

result<bench::rival_call> start_xnnpack(const graph& g, unsigned threads) {
  if (xnn_initialize(nullptr) != xnn_status_success) return unsupported("XNNPACK on this CPU");
  const facts f{g, g.nodes[0]};
  auto to = std::make_shared<prepared_operator>();
  for (const tensor_id t : g.inputs) {
    const auto bytes = g[t].data.bytes;
    to->in.emplace_back(bytes.begin(), bytes.end());
    to->in.back().resize(bytes.size() + XNN_EXTRA_BYTES);
  }
  const std::size_t out = bytes_of(f.y().shape.elements(), f.y().type).value;
  to->out.resize(out + XNN_EXTRA_BYTES);
  if (threads > 1) to->pool = pthreadpool_create(threads);
  if (const xnn_status s = create(f, *to); s != xnn_status_success)
    return unsupported(
        std::string(f.n.op->name) + " of " + std::string(name_of(f.type())) + " in XNNPACK",
        "status " + std::to_string(static_cast<int>(s)),
        "conv2d, depthwise_conv2d, fully_connected with one scale, add, mul, of int8, uint8 or "
        "float32 throughout");
  return bench::rival_call{[to] { xnn_run_operator(to->op, to->pool); },
                           [to, out] {
                             return std::vector<std::byte>(
                                 to->out.begin(),
                                 to->out.begin() + static_cast<std::ptrdiff_t>(out));
                           }};
}

}  // namespace
#endif

result<bench::rival> rival_named(const std::string& name) {
  if (name != "xnnpack") return invalid("a library to compare with", name, "xnnpack");
#if defined(OCTET_HAVE_XNNPACK)
  return bench::rival{"xnnpack", &start_xnnpack};
#else
  return unsupported("xnnpack", "this build is without it",
                     "builds where CMake found it (Debian 12: libxnnpack-dev, libpthreadpool-dev)");
#endif
}

}  // namespace octet::tools
