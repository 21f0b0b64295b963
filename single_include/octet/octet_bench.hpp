// octet 0.1.0: octet/bench/op.hpp for the single header, which it includes. Made by single_include/amalgamate.py; do not edit.
// Needs octet.hpp beside it.
// SPDX-License-Identifier: Apache-2.0
#if !defined(OCTET_SINGLE_FILE)
#define OCTET_SINGLE_FILE "octet.hpp"
#endif
#include OCTET_SINGLE_FILE
#if defined(OCTET_SINGLE_HPP_)
// One operator timed: octet::bench::op("conv2d", {...}). The node is made up as far as it is not
// given (made_up.hpp), each target's output is compared with the reference bit for bit, and only
// then the targets and thread numbers are timed in turns, against the ceiling of the same run.
#ifndef OCTET_BENCH_OP_HPP_
#define OCTET_BENCH_OP_HPP_

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>

// ---- octet/bench/ceiling.hpp
// The ceiling that octet's tools measure rates against: products of independent dot products on
// registers alone, with the instructions that the target's kernels use; for what has no products,
// bytes copied by memcpy. `octet explain`, `octet bench-op` and bench_gemm use this one.
#ifndef OCTET_BENCH_CEILING_HPP_
#define OCTET_BENCH_CEILING_HPP_

#include <algorithm>
#include <chrono>
#include <cstring>
#include <vector>


OCTET_NAMESPACE_BEGIN
namespace bench {

using clock = std::chrono::steady_clock;
inline double seconds_since(clock::time_point t) {
  return std::chrono::duration<double>(clock::now() - t).count();
}

/// What is multiplied: the instructions differ.
enum class products : std::uint8_t { of_8_bits, of_16_bits, of_float32, fused_float32 };
constexpr std::string_view name_of(products p) noexcept {
  switch (p) {
    case products::of_8_bits: return "8 bits";
    case products::of_16_bits: return "16 bits";
    case products::of_float32: return "float32";
    case products::fused_float32: return "float32, fused";
  }
  return no_enumerator;
}
/// The products of a node that multiplies and accumulates.
inline products products_of(const graph& g, const node& n) {
  if (n.in.size() < 2 || n.in[0] == no_tensor || n.in[1] == no_tensor) return products::of_8_bits;
  const dtype x = g[n.in[0]].type, w = g[n.in[1]].type;
  const bool fused = n.round == rounding::xnnpack || n.round == rounding::onnxruntime ||
                     n.round == rounding::fused_multiply_add;
  return is_float(w) && fused                 ? products::fused_float32
         : is_float(w)                        ? products::of_float32
         : x == dtype::s16 || w == dtype::s16 ? products::of_16_bits
                                              : products::of_8_bits;
}

namespace detail {

constexpr int ceiling_rounds = 20000;
/// The least of twenty times of `loop`, in seconds.
template <class F> double least_seconds(F&& loop) {
  double least = 1e9;
  for (int i = 0; i < 20; ++i) {
    const auto start = clock::now();
    loop();
    least = std::min(least, seconds_since(start));
  }
  return least;
}

}  // namespace detail

#if defined(__x86_64__) && defined(__GNUC__)

#define OCTET_TWELVE(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9) f(10) f(11)
#define OCTET_TWELVE_MORE(f) f(12) f(13) f(14) f(15) f(16) f(17) f(18) f(19) f(20) f(21) f(22) f(23)
#define OCTET_CLOBBERED                                                                    \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
      "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"
// Registers hold zeros when a loop begins: sums of what was left in them could be denormal numbers,
// which take their own time.
#define OCTET_LOOP(clear, body)                                                              \
  detail::least_seconds([] {                                                                 \
    asm volatile(clear ::: OCTET_CLOBBERED);                                                 \
    for (int i = 0; i < detail::ceiling_rounds; ++i) asm volatile(body ::: OCTET_CLOBBERED); \
    asm volatile(OCTET_LEAVE ::: OCTET_CLOBBERED);                                           \
  })
#define OCTET_LEAVE "vzeroall"

namespace detail {
/// AVX-VNNI, of four bytes or of two int16 a lane.
inline double vnni_256_ceiling(bool bytes) {
#define OCTET_B(n) "%{vex%} vpdpbusd %%ymm12, %%ymm13, %%ymm" #n "\n\t"
#define OCTET_W(n) "%{vex%} vpdpwssd %%ymm12, %%ymm13, %%ymm" #n "\n\t"
  const double seconds = bytes ? OCTET_LOOP("vzeroall", OCTET_TWELVE(OCTET_B))
                               : OCTET_LOOP("vzeroall", OCTET_TWELVE(OCTET_W));
#undef OCTET_B
#undef OCTET_W
  return 12 * (bytes ? 32 : 16) * ceiling_rounds / seconds;
}
#undef OCTET_LEAVE
#define OCTET_LEAVE ""
inline double sse4_ceiling(bool floats) {
#define OCTET_Z(n) "pxor %%xmm" #n ", %%xmm" #n "\n\t"
#define OCTET_CLEAR OCTET_TWELVE(OCTET_Z) OCTET_Z(12) OCTET_Z(13) OCTET_Z(14)
#define OCTET_F(n) \
  "movaps %%xmm13, %%xmm14\n\tmulps %%xmm12, %%xmm14\n\taddps %%xmm14, %%xmm" #n "\n\t"
#define OCTET_W(n) \
  "movdqa %%xmm13, %%xmm14\n\tpmaddwd %%xmm12, %%xmm14\n\tpaddd %%xmm14, %%xmm" #n "\n\t"
  const double seconds = floats ? OCTET_LOOP(OCTET_CLEAR, OCTET_TWELVE(OCTET_F))
                                : OCTET_LOOP(OCTET_CLEAR, OCTET_TWELVE(OCTET_W));
#undef OCTET_W
#undef OCTET_F
#undef OCTET_CLEAR
#undef OCTET_Z
  return 12 * (floats ? 4 : 8) * ceiling_rounds / seconds;
}
#undef OCTET_LEAVE
#define OCTET_LEAVE "vzeroall"
}  // namespace detail

/// Products per second of one thread on registers alone; 0 where it is not known (the reference,
/// the emulated targets, other compilers). The target must be one that this CPU can run. Takes some
/// milliseconds.
inline double ceiling(target on, products of = products::of_8_bits) {
  double per_round = 0, seconds = 1;
  const bool fused = of == products::fused_float32, floats = fused || of == products::of_float32;
  if (on == target::avx2_vnni && !floats)
    return detail::vnni_256_ceiling(of == products::of_8_bits);
  if (on == target::sse4) return detail::sse4_ceiling(floats);
  if (on == target::avx3_vnni && of == products::of_8_bits) {
#define OCTET_D(n) "vpdpbusd %%zmm30, %%zmm31, %%zmm" #n "\n\t"
    per_round = 24 * 64;
    seconds = OCTET_LOOP("vzeroall", OCTET_TWELVE(OCTET_D) OCTET_TWELVE_MORE(OCTET_D));
#undef OCTET_D
  } else if (on == target::avx3_vnni && of == products::of_16_bits) {
#define OCTET_D(n) "vpdpwssd %%zmm30, %%zmm31, %%zmm" #n "\n\t"
    per_round = 24 * 32;
    seconds = OCTET_LOOP("vzeroall", OCTET_TWELVE(OCTET_D) OCTET_TWELVE_MORE(OCTET_D));
#undef OCTET_D
  } else if ((on == target::avx3 || on == target::avx3_vnni) && !floats) {
#define OCTET_D(n) \
  "vpmaddwd %%zmm12, %%zmm13, %%zmm14\n\tvpaddd %%zmm14, %%zmm" #n ", %%zmm" #n "\n\t"
    per_round = 12 * 32;
    seconds = OCTET_LOOP("vzeroall", OCTET_TWELVE(OCTET_D));
#undef OCTET_D
  } else if ((on == target::avx3 || on == target::avx3_vnni) && fused) {
#define OCTET_D(n) "vfmadd231ps %%zmm30, %%zmm31, %%zmm" #n "\n\t"
    per_round = 24 * 16;
    seconds = OCTET_LOOP("vzeroall", OCTET_TWELVE(OCTET_D) OCTET_TWELVE_MORE(OCTET_D));
#undef OCTET_D
  } else if (on == target::avx3 || on == target::avx3_vnni) {
#define OCTET_D(n) \
  "vmulps %%zmm12, %%zmm13, %%zmm14\n\tvaddps %%zmm14, %%zmm" #n ", %%zmm" #n "\n\t"
    per_round = 12 * 16;
    seconds = OCTET_LOOP("vzeroall", OCTET_TWELVE(OCTET_D));
#undef OCTET_D
  } else if (on == target::avx2 && !floats) {
#define OCTET_D(n) \
  "vpmaddwd %%ymm12, %%ymm13, %%ymm14\n\tvpaddd %%ymm14, %%ymm" #n ", %%ymm" #n "\n\t"
    per_round = 12 * 16;
    seconds = OCTET_LOOP("vzeroall", OCTET_TWELVE(OCTET_D));
#undef OCTET_D
  } else if ((on == target::avx2 || on == target::avx2_vnni) && fused) {
#define OCTET_D(n) "vfmadd231ps %%ymm12, %%ymm13, %%ymm" #n "\n\t"
    per_round = 12 * 8;
    seconds = OCTET_LOOP("vzeroall", OCTET_TWELVE(OCTET_D));
#undef OCTET_D
  } else if (on == target::avx2 || on == target::avx2_vnni) {
#define OCTET_D(n) \
  "vmulps %%ymm12, %%ymm13, %%ymm14\n\tvaddps %%ymm14, %%ymm" #n ", %%ymm" #n "\n\t"
    per_round = 12 * 8;
    seconds = OCTET_LOOP("vzeroall", OCTET_TWELVE(OCTET_D));
#undef OCTET_D
  }
  return per_round * detail::ceiling_rounds / seconds;
}

#undef OCTET_LEAVE
#undef OCTET_LOOP
#undef OCTET_CLOBBERED
#undef OCTET_TWELVE_MORE
#undef OCTET_TWELVE

#else

inline double ceiling(target, products = products::of_8_bits) { return 0; }

#endif

/// Bytes per second, read and written together, of memcpy where it reads and writes `bytes` in all.
inline double copy_rate(double bytes) {
  const auto half = static_cast<std::size_t>(std::max(bytes / 2, 64.0));
  std::vector<std::byte> from(half, std::byte{1}), to(half);
  const std::size_t times = std::max<std::size_t>(1, (std::size_t{1} << 20) / half);
  const double seconds = detail::least_seconds([&] {
    for (std::size_t i = 0; i < times; ++i) {
      std::memcpy(to.data(), from.data(), half);
#if defined(__GNUC__)
      asm volatile("" : : "r"(to.data()), "r"(from.data()) : "memory");
#endif
    }
  });
  return 2.0 * static_cast<double>(half) * static_cast<double>(times) / seconds;
}

}  // namespace bench
OCTET_NAMESPACE_END

#endif  // OCTET_BENCH_CEILING_HPP_
// ---- octet/bench/made_up.hpp
// One node of any operator, with everything made up that the caller does not give: the shapes that
// go with those given, attributes without which the operator means nothing, scales under which
// random inputs use the output's range, weights, biases, indices within bounds, states.
#ifndef OCTET_BENCH_MADE_UP_HPP_
#define OCTET_BENCH_MADE_UP_HPP_

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

// ---- octet/bench/choices.hpp
// The forms of an operator written out: every combination of element types and rounding that it
// takes.
#ifndef OCTET_BENCH_CHOICES_HPP_
#define OCTET_BENCH_CHOICES_HPP_

#include <vector>


OCTET_NAMESPACE_BEGIN
namespace bench {

/// Element types and rounding that one form gives.
struct choice {
  const op_def* op = nullptr;
  std::vector<dtype> in, out;  // of the operands that the form lists; the last stands for more
  rounding round = rounding::none;
  std::size_t number = 0;  // counts the choices of the operator
  dtype x() const { return in[0]; }
  dtype y() const { return out[0]; }
};

inline std::vector<choice> choices_of(const op_def& op) {
  std::vector<choice> all;
  for (const form& f : op.forms) {
    std::vector<choice> list(1);
    const auto extend = [&](const operand_types& o, std::vector<dtype> choice::*to) {
      std::vector<choice> longer;
      for (const choice& c : list)
        for (const dtype t : enumerators<dtype>)
          if (o.is_like() ? t == c.in[o.like_input()] : o.set().contains(t)) {
            longer.push_back(c);
            (longer.back().*to).push_back(t);
          }
      list = std::move(longer);
    };
    for (const operand_types& o : f.in)
      if (o.given()) extend(o, &choice::in);
    for (const operand_types& o : f.out)
      if (o.given()) extend(o, &choice::out);
    for (const rounding r : enumerators<rounding>)
      if (f.roundings.contains(r))
        for (choice c : list) {
          c.op = &op;
          c.round = r;
          c.number = all.size();
          all.push_back(std::move(c));
        }
  }
  return all;
}

}  // namespace bench
OCTET_NAMESPACE_END

#endif  // OCTET_BENCH_CHOICES_HPP_

OCTET_NAMESPACE_BEGIN
namespace bench {

/// What is given of a node; the rest is made up.
struct node_options {
  std::vector<dims> shapes{};  // of the inputs, in the operator's order; weights and biases are
                               // inputs
  attributes attrs{};          // convolutions without any pad_ are padded to keep the image's size
  dims image{1, 56, 56, 64};   // [N,H,W,C]: shapes that are not given are made of its extents
};

/// Writes an element of type `t` from a number: the nearest float, the bits of a float16, an
/// integer that the type can hold.
inline void store_element(std::byte* to, dtype t, double v) {
  const auto put = [&](auto e) { std::memcpy(to, &e, sizeof e); };
  const auto i = static_cast<std::int64_t>(is_float(t) && t != dtype::f16 ? 0 : v);
  switch (t) {
    case dtype::f32: return put(static_cast<float>(v));
    case dtype::f64: return put(v);
    case dtype::s8: return put(static_cast<std::int8_t>(i));
    case dtype::u8:
    case dtype::boolean: return put(static_cast<std::uint8_t>(i));
    case dtype::s16: return put(static_cast<std::int16_t>(i));
    case dtype::u16:
    case dtype::f16: return put(static_cast<std::uint16_t>(i));
    case dtype::s32: return put(static_cast<std::int32_t>(i));
    case dtype::u32: return put(static_cast<std::uint32_t>(i));
    case dtype::s64:
    case dtype::u64: return put(i);
  }
}

namespace detail {

/// One input as its operator wants it.
struct made_input {
  dims shape{};
  bool constant = false;
  int state_through = -1;  // the output by which it is written
  bool bounded = false;    // elements from [lo, hi], else all that the type holds
  bool ascending = false;  // elements in their order
  double lo = 0, hi = 0;
  void range(double from, double to) { bounded = true, lo = from, hi = to; }
};
struct recipe {
  std::vector<made_input> in;
  std::size_t outputs = 1;
  attributes attrs;
};

template <class... O> constexpr bool is_one_of(const op_def& op, const O&... list) {
  return ((&op == &list) || ...);
}
/// Layers over pixels whose weights are one filter for each channel.
constexpr bool is_depthwise(const op_def& op) {
  return is_one_of(op, ops::depthwise_conv2d, ops::float_depthwise_conv2d);
}

class recipe_maker {
 public:
  recipe_maker(const choice& c, const node_options& o) : c_(c), o_(o) { r_.attrs = o.attrs; }

  recipe make() {
    if (!(layers() || dynamic_rows() || recurrent() || windows() || slices() || layouts() ||
          positions() || lookups() || bags() || spectra() || choices()))
      elements();
    return std::move(r_);
  }

 private:
  using integers = std::vector<std::int64_t>;

  template <class... O> bool is(const O&... list) const { return is_one_of(*c_.op, list...); }

  /// The next input: the caller's shape, or this one.
  made_input& next(const dims& otherwise) {
    made_input i;
    i.shape = r_.in.size() < o_.shapes.size() ? o_.shapes[r_.in.size()] : otherwise;
    r_.in.push_back(i);
    return r_.in.back();
  }
  dims x(const dims& otherwise) { return next(otherwise).shape; }
  dims constant(const dims& otherwise) {
    made_input& i = next(otherwise);
    i.constant = true;
    return i.shape;
  }
  /// An attribute that the caller has not given.
  template <class T> void set(std::string_view key, const T& v) {
    if (r_.attrs.find(key)) return;
    if constexpr (std::is_floating_point_v<T>)
      r_.attrs.set(key, static_cast<double>(v));
    else if constexpr (std::is_integral_v<T>)
      r_.attrs.set(key, static_cast<std::int64_t>(v));
    else
      r_.attrs.set(key, integers(v.begin(), v.end()));
  }

  const dims& image() const { return o_.image; }
  std::int32_t n() const { return o_.image[0]; }
  std::int32_t h() const { return o_.image[1]; }
  std::int32_t w() const { return o_.image[2]; }
  std::int32_t c() const { return o_.image[3]; }
  /// The type of an input under this form.
  dtype type(std::size_t i) const { return c_.in[std::min(i, c_.in.size() - 1)]; }

  bool layers() {
    const bool depthwise = is_depthwise(*c_.op);
    if (depthwise || is(ops::conv2d, ops::float_conv2d)) {
      const dims image_in = x(image());
      const auto groups =
          static_cast<std::int32_t>(std::max<std::int64_t>(1, r_.attrs.integer("groups", 1)));
      const std::int32_t in = image_in.back(0);
      const dims kernel = constant(depthwise ? dims{1, 3, 3, in} : dims{in, 3, 3, in / groups});
      constant({depthwise ? kernel.back(0) : kernel[0]});
      for (const auto& [key, v] : o_.attrs.entries())
        if (key.starts_with("pad_")) return true;
      const auto pad = [&](const char* before, const char* after, const char* dilation, int axis) {
        const std::int64_t all = (std::int64_t{kernel[axis]} - 1) * r_.attrs.integer(dilation, 1);
        set(before, all / 2), set(after, all - all / 2);
      };
      pad("pad_top", "pad_bottom", "dilation_h", 1), pad("pad_left", "pad_right", "dilation_w", 2);
    } else if (is(ops::float_transpose_conv2d, ops::transpose_conv2d)) {
      const std::int32_t in = x(image()).back(0);
      constant({constant({in, 3, 3, in})[0]});
      set("stride_h", 2), set("stride_w", 2);
    } else if (is(ops::float_conv3d)) {
      const std::int32_t in = x({n(), 4, std::max(1, h() / 4), std::max(1, w() / 4), c()}).back(0);
      constant({constant({in, 3, 3, 3, in})[0]});
      set("before", dims{1, 1, 1}), set("after", dims{1, 1, 1});
    } else if (is(ops::fully_connected, ops::float_fully_connected)) {
      const std::int32_t depth = x({16, 8 * c()}).back(0);
      constant({constant({depth, depth})[0]});
    } else if (is(ops::attention)) {
      const dims q = x({n(), 8, std::max(1, c()), 32});
      const bool inside = r_.attrs.integer("heads_inside") != 0;
      if (inside) set("adj_y", 1);
      const std::int32_t keys = inside ? q[1] : q.back(1);
      next(r_.attrs.integer("adj_y") != 0 ? q : dims{q[0], 8, q.back(0), keys});
      next(q);
      next({1, 1, 1, keys});
    } else if (is(ops::qnn_batch_matmul, ops::batch_matmul)) {
      // int32 sums of int16 products have room for one.
      const bool narrow = c_.round == rounding::none && c_.y() == dtype::s32 &&
                          (type(0) == dtype::s16 || type(1) == dtype::s16);
      const dims a = x({8 * n(), c(), narrow ? 1 : c()});
      const bool turned = r_.attrs.integer("adj_x") != 0, turn = r_.attrs.integer("adj_y") != 0;
      dims b = a;
      if (b.rank >= 2) {
        const std::int32_t depth = a.back(turned ? 1 : 0);
        b[b.rank - 2] = turn ? c() : depth, b[b.rank - 1] = turn ? depth : c();
      }
      next(b);
      if (c_.in.size() > 2) next({b.back(turn ? 1 : 0)});
    } else {
      return false;
    }
    return true;
  }

  /// Rows that are quantized when they run.
  bool dynamic_rows() {
    if (is(ops::dynamic_conv2d, ops::dynamic_fully_connected)) {
      const bool dense = is(ops::dynamic_fully_connected);
      const dims x_in = x(dense ? dims{16, 8 * c()} : image());
      const std::int32_t depth = x_in.back(0);
      const dims w = constant(dense ? dims{depth, depth} : dims{depth, 3, 3, depth});
      next({x_in[0]}).range(0.01, 2);
      next({x_in[0]}).range(-128, 127);
      constant({w[0]});
      if (!dense) set("pad_top", 1), set("pad_left", 1), set("pad_bottom", 1), set("pad_right", 1);
      return true;
    }
    if (is(ops::dynamic_transposed)) {
      const dims x_in = x(image());
      const std::int32_t out = constant({x_in.back(0), 3, 3, x_in.back(0)})[0];
      next({x_in[0]}).range(0.01, 2);
      next({x_in[0]}).range(-128, 127);
      constant({out});
      set("stride_h", 2), set("stride_w", 2);
      return true;
    }
    if (is(ops::dynamic_transpose_conv2d)) {
      const dims x_in = x(image());
      r_.in[0].range(-255, 255);
      const std::int32_t in = x_in.back(0), out = constant({in, 3, 3, in})[0];
      next({x_in[0]}).range(0.01, 2);
      constant({out});
      set("stride_h", 2), set("stride_w", 2);
    } else if (is(ops::blockwise_fully_connected)) {
      const dims rows = x({16, 8 * c()});
      r_.in[0].range(-255, 255);
      next({rows[0]}).range(0.01, 2);
      const std::int32_t depth = rows.back(0), out = constant({depth, depth})[0];
      const std::int32_t blocks = depth % 32 == 0 ? std::max(1, depth / 32) : 1;
      next({out, blocks}).range(0.001, 0.1);
      r_.in.back().constant = true;
      constant({out});
    } else if (is(ops::dynamic_quantize)) {
      set("rows", x({16, 8 * c()})[0]);
      set("asymmetric", c_.y() == dtype::s16 ? 1 : 0);
      r_.outputs = 2;
    } else if (is(ops::dynamic_quantize_asymmetric)) {
      set("rows", x({16, 8 * c()})[0]);
      r_.outputs = 3;
    } else if (is(ops::dynamic_quantize_linear)) {
      x(image());
      r_.outputs = 3;
    } else if (is(ops::dynamic_dequantize)) {
      const dims rows = x({16, 8 * c()});
      r_.in[0].range(-100000, 100000);
      next({rows[0]}).range(0.01, 2);
      next({rows.back(0)});
    } else {
      return false;
    }
    return true;
  }

  bool recurrent() {
    const auto all_constant = [&](double most) {
      for (made_input& i : r_.in)
        if (&i != r_.in.data() && i.state_through < 0) {
          i.constant = true;
          if (!i.bounded) i.range(-most, most);
        }
      r_.in[0].bounded = false;
    };
    const dims sequence{n(), 16, c()}, vector{n(), c()};
    if (is(ops::qnn_lstm)) {
      const dims first = x(sequence), weights{c(), first.back(0)}, inner{c(), c()}, one{c()};
      for (int i = 0; i < 3; ++i) next(weights).range(-127, 127);
      for (int i = 0; i < 3; ++i) next(inner).range(-127, 127);
      for (int i = 0; i < 3; ++i) next(one).range(-2000, 2000);
      next({first[0], c()}).state_through = 1, next({first[0], c()}).state_through = 2;
      next(weights).range(-127, 127), next(inner).range(-127, 127), next(one).range(-2000, 2000);
      all_constant(0);
      r_.outputs = 3;
    } else if (is(ops::float_lstm)) {
      const dims first = x(sequence), weights{c(), first.back(0)}, inner{c(), c()}, one{c()};
      const auto some = [&](int count, const dims& shape, std::size_t at) {
        for (int i = 0; i < count; ++i) {
          made_input& made = next(shape);
          if (type(at) == dtype::s8) made.range(-127, 127);
        }
      };
      some(4, weights, 1), some(4, inner, 5);
      some(3, one, 9), some(4, one, 12), some(1, inner, 16), some(1, one, 17);
      next({first[0], c()}).state_through = 1, next({first[0], c()}).state_through = 2;
      all_constant(0.25);
      r_.outputs = 3;
    } else if (is(ops::rnn)) {
      const dims first = x(sequence);
      const bool bytes = type(1) == dtype::s8;
      next({c(), first.back(0)}), next({c(), c()});
      if (bytes) r_.in[1].range(-127, 127), r_.in[2].range(-127, 127);
      next({c()}), next({first[0], c()}).state_through = 1;
      all_constant(0.25);
      set("tanh", 1);
      r_.outputs = 2;
    } else if (is(ops::qnn_svdf, ops::float_svdf)) {
      const dims first = x(vector);
      const std::int32_t memory = 10, filters = 2 * c();
      next({filters, first.back(0)}), next({filters, memory});
      next({first[0], filters * memory}).state_through = 1;
      next({filters / 2});
      if (type(1) == dtype::s8) r_.in[1].range(-127, 127);
      if (type(2) == dtype::s8) r_.in[2].range(-127, 127);
      if (type(2) == dtype::s16) r_.in[2].range(-3000, 3000), r_.in[4].range(-40000, 40000);
      all_constant(0.25);
      set("rank", 2);
      r_.outputs = 2;
    } else {
      return false;
    }
    return true;
  }

  bool windows() {
    const auto channels = [&](std::int32_t count, double lo, double hi) {
      made_input& i = next({count});
      i.constant = true, i.range(lo, hi);
    };
    if (is(ops::qnn_avg_pool2d, ops::avg_pool2d, ops::qnn_max_pool2d, ops::max_pool2d,
           ops::l2_pool2d)) {
      x(image());
      for (const char* key : {"window_h", "window_w"}) set(key, 3);
      for (const char* key : {"stride_h", "stride_w"}) set(key, 2);
    } else if (is(ops::qnn_mean, ops::mean, ops::qnn_sum, ops::sum, ops::qnn_reduce_prod,
                  ops::reduce_prod, ops::reduce_max, ops::reduce_min, ops::reduce_any,
                  ops::reduce_all)) {
      const bool image_like = x(image()).rank == 4 && c_.round != rounding::onnxruntime;
      set("axes", image_like ? integers{1, 2} : integers{-1});
    } else if (is(ops::resize_nearest, ops::qnn_resize_bilinear, ops::resize_bilinear)) {
      const dims first = x(image());
      set("out_h", std::int64_t{2} * first[1]), set("out_w", std::int64_t{2} * first[2]);
      if (!r_.attrs.find("align_corners")) set("half_pixel_centers", 1);
    } else if (is(ops::resample)) {
      const dims first = x(image());
      set("axis", 1), set("extent", std::int64_t{2} * first[1]), set("cubic", 1);
    } else if (is(ops::grid_sample)) {
      const dims first = x(image());
      next({first[0], first[1], first[2], 2}).range(-1, 1);
    } else if (is(ops::fake_quantize)) {
      x(image());
      set("least", -1.), set("most", 1.), set("step", 1. / 128);
    } else if (is(ops::variance)) {
      set("axes", x(image()).rank == 4 ? integers{1, 2} : integers{-1});
      r_.outputs = 2;
    } else if (is(ops::batch_norm)) {
      const std::int32_t count = x(image()).back(0);
      channels(count, -2, 2), channels(count, -50, 50);
    } else if (is(ops::float_layer_norm)) {
      const std::int32_t count = x({n() * h(), 8 * c()}).back(0);
      channels(count, -2, 2), channels(count, -2, 2);
    } else if (is(ops::layer_norm)) {
      const std::int32_t count = x({h(), 8 * c()}).back(0);
      channels(count, -2, 2), channels(count, -2, 2);
    } else if (is(ops::group_norm)) {
      const dims first = x({n(), c(), h(), w()});
      set("groups", first[1] % 8 == 0 ? 8 : 1);
      channels(first[1], -2, 2), channels(first[1], -2, 2);
    } else if (is(ops::qnn_softmax, ops::softmax, ops::qnn_log_softmax, ops::log_softmax,
                  ops::qnn_l2_normalization, ops::l2_normalization)) {
      x({h(), 8 * c()});
    } else {
      return false;
    }
    return true;
  }

  /// Operators that walk one input by begins, steps and ends of their own.
  bool slices() {
    const auto half_of = [](dims d) {
      for (int i = d.rank > 1 ? 1 : 0; i < std::min(d.rank, 3); ++i) d[i] = std::max(1, d[i] / 2);
      return d;
    };
    const auto filled = [](int rank, std::int32_t with) {
      dims d;
      for (int i = 0; i < rank; ++i) d.push_back(with);
      return d;
    };
    if (is(ops::transpose)) {
      const int rank = x(image()).rank;
      integers perm;
      for (int i = 0; i < rank; ++i)
        perm.push_back(rank == 4 ? (i == 0 ? 0 : 1 + (i + 1) % 3) : rank - 1 - i);
      set("perm", perm);
    } else if (is(ops::slice)) {
      const dims first = x(image());
      set("begin", filled(first.rank, 0)), set("size", half_of(first));
    } else if (is(ops::strided_slice)) {
      const dims first = x(image());
      dims strides = filled(first.rank, 1);
      strides[first.rank > 1 ? 1 : 0] = 2;
      set("begin", filled(first.rank, 0)), set("end", first), set("strides", strides);
    } else if (is(ops::tile)) {
      dims multiples = filled(x(image()).rank, 1);
      if (multiples.rank > 0) multiples[multiples.rank - 1] = 2;
      set("multiples", multiples);
    } else if (is(ops::reverse)) {
      set("axes", integers{x(image()).rank > 1 ? 1 : 0});
    } else if (is(ops::broadcast_to)) {
      dims all = x({n(), 1, 1, c()});
      for (int i = 0; i < all.rank; ++i)
        if (all[i] == 1 && i > 0) all[i] = i == 1 ? h() : w();
      set("shape", all);
    } else {
      return false;
    }
    return true;
  }

  /// Operators that arrange whole inputs anew: blocks, pieces, joins, borders.
  bool layouts() {
    if (is(ops::space_to_depth, ops::depth_to_space)) {
      x(image()), set("block_size", 2);
    } else if (is(ops::space_to_batch)) {
      x(image()), set("block_shape", integers{2, 2});
    } else if (is(ops::batch_to_space)) {
      x({4 * n(), std::max(1, h() / 2), std::max(1, w() / 2), c()});
      set("block_shape", integers{2, 2});
    } else if (is(ops::split)) {
      x(image()), set("axis", -1);
      r_.outputs = 2;
    } else if (is(ops::unpack)) {
      const dims first = x({4, h(), w(), c()});
      set("axis", 0);
      r_.outputs = static_cast<std::size_t>(std::max(1, first[0]));
    } else if (is(ops::pack, ops::qnn_concat, ops::concat)) {
      const dims first = x(image());
      next(first);
      set("axis", -1);
    } else if (is(ops::reshape)) {
      const dims first = x(image());
      set("shape", integers{-1, first.back(0)});
    } else if (is(ops::squeeze, ops::expand_dims, ops::identity)) {
      x(image());
      if (is(ops::expand_dims)) set("axis", 0);
    } else if (is(ops::qnn_pad, ops::pad, ops::mirror_pad)) {
      const int rank = x(image()).rank;
      integers p(2 * static_cast<std::size_t>(rank), rank == 4 ? 0 : 1);
      for (std::size_t i = 2; rank == 4 && i < 6; ++i) p[i] = 1;
      set("paddings", p);
    } else {
      return false;
    }
    return true;
  }

  /// Operators whose positions are data.
  bool positions() {
    const auto index = [&](const dims& shape, double most) -> made_input& {
      made_input& i = next(shape);
      i.range(0, std::max(0., most));
      return i;
    };
    const std::int32_t rows = 8 * c();
    if (is(ops::gather)) {
      const dims first = x({rows, c()});
      std::int64_t axis = r_.attrs.integer("axis");
      if (axis < 0) axis += first.rank;
      index({h()}, axis >= 0 && axis < first.rank ? first[static_cast<int>(axis)] - 1 : 0);
    } else if (is(ops::gather_nd)) {
      const dims first = x({h(), w(), c()});
      index({rows, 2}, std::min(first[0], first[1]) - 1);
    } else if (is(ops::one_hot)) {
      index({rows}, c()), next({1}), next({1});
      set("depth", c()), set("axis", -1);
    } else if (is(ops::scatter_nd)) {
      index({rows, 1}, 2 * rows - 1), next({rows, c()});
      set("shape", dims{2 * rows, c()});
    } else if (is(ops::sparse_to_dense)) {
      index({rows, 1}, 8 * rows - 1), next({rows}), next({});
      set("shape", dims{8 * rows});
    } else if (is(ops::dynamic_slice)) {
      dims size = x(image());
      for (int i = size.rank > 1 ? 1 : 0; i < std::min(size.rank, 3); ++i)
        size[i] = std::max(1, size[i] / 2);
      index({size.rank}, 1), set("size", size);
    } else if (is(ops::dynamic_update_slice)) {
      dims part = x(image());
      const int rank = part.rank;
      for (int i = rank > 1 ? 1 : 0; i < std::min(rank, 3); ++i) part[i] = std::max(1, part[i] / 2);
      next(part), index({rank}, 1);
    } else if (is(ops::reverse_sequence)) {
      const dims first = x({8, h(), c()});
      index({first[0]}, first[1]);
      set("axis", 1), set("batch_axis", 0);
    } else if (is(ops::matrix_set_diag)) {
      dims diagonal = x({8, h(), w()});
      const std::int32_t least = std::min(diagonal.back(0), diagonal.back(1));
      if (diagonal.rank > 0) diagonal.rank -= 1;
      if (diagonal.rank > 0) diagonal[diagonal.rank - 1] = least;
      next(diagonal);
    } else if (is(ops::segment_reduce)) {
      const dims first = x({2 * rows, c()});
      index({first[0]}, 7), set("segments", 8);
    } else if (is(ops::bucketize)) {
      x(image());
      made_input& boundaries = next({16});
      boundaries.range(-8, 8), boundaries.ascending = true;
    } else {
      return false;
    }
    return true;
  }

  bool lookups() {
    if (!is(ops::lookup)) return false;
    x(image());
    constant({256});
    return true;
  }

  bool bags() {
    if (!is(ops::embedding_bag)) return false;
    const std::int32_t rows = 8 * c();
    const dims table = x({rows, 8 * c()});
    next({rows}).range(0, std::max(0, table[0] - 1));
    made_input& offsets = next({16});
    offsets.range(0, rows), offsets.ascending = true;
    for (const std::int32_t n : {rows, table[0], table[0]}) next({n}).range(-2, 2);
    return true;
  }

  bool spectra() {
    if (is(ops::rfft2d)) {
      x({8, 1, 512});
      set("height", 1), set("width", 512);
    } else if (is(ops::complex_abs)) {
      x({8, 257, 2});
    } else {
      return false;
    }
    return true;
  }

  /// Operators that choose among values.
  bool choices() {
    const std::int32_t rows = 8 * c();
    if (is(ops::non_max_suppression)) {
      const dims boxes = x({rows, 4});
      next({boxes[0]}).range(0, 1);
      set("most", 20), set("overlap", 0.5), set("score", 0.25);
      r_.outputs = 3;
    } else if (is(ops::detection_postprocess)) {
      const dims boxes = x({1, 4 * c(), 4});
      next({boxes[0], boxes[1], 21}).range(0, 1), next({boxes[1], 4}).range(0.5, 3);
      set("most", 10), set("classes", 20), set("per_box", 1), set("score", 0.5);
      set("overlap", 0.5);
      for (const char* key : {"y_scale", "x_scale"}) set(key, 10.);
      for (const char* key : {"h_scale", "w_scale"}) set(key, 5.);
      r_.outputs = 4;
    } else if (is(ops::pose_decode)) {
      x({1, h(), h(), 17}), r_.in[0].range(-6, 2);
      next({1, h(), h(), 34}), next({1, h(), h(), 64});
      set("most", 10), set("stride", 16), set("score", 0.5), set("radius", 20.);
      r_.outputs = 4;
    } else if (is(ops::pose_masks)) {
      x({1, h(), h(), 34});
      next({1, 10, 17, 2}).range(0, 16 * h()), next({1}).range(1, 10);
      set("stride", 16);
    } else if (is(ops::arg_max, ops::arg_min, ops::cumsum)) {
      x(image()), set("axis", -1);
    } else if (is(ops::topk)) {
      x({h(), 8 * c()}), set("k", 5);
      r_.outputs = 2;
    } else {
      return false;
    }
    return true;
  }

  /// Element by element: every input like the first; what has a value a channel, one a channel.
  void elements() {
    const dims first = x(image()), last{first.back(0)};
    if (is(ops::requantize)) {
      if (type(0) == dtype::s32 || type(0) == dtype::s64) r_.in[0].range(-200000, 200000);
      if (c_.in.size() > 1) constant(last), r_.in[1].range(-1, 1);
    } else if (is(ops::requantize_add)) {
      r_.in[0].range(-200000, 200000);
      next(first), constant(last), r_.in[2].range(-1, 1);
      if (type(2) != dtype::f32) r_.in[2].range(-5000, 5000);
    } else if (is(ops::qnn_prelu, ops::prelu)) {
      constant(last);
    } else {
      while (r_.in.size() < c_.in.size()) next(first);
    }
    if (is(ops::qnn_leaky_relu, ops::leaky_relu, ops::qnn_elu, ops::elu)) set("alpha", 0.1);
    // Logarithms and quotients of numbers that have them.
    const bool plain = !c_.op->quantized && is_float(type(0));
    if (plain &&
        is(ops::log, ops::sqrt, ops::rsqrt, ops::div, ops::floor_div, ops::floor_mod, ops::pow))
      for (made_input& i : r_.in) i.range(0.5, 8);
  }

  const choice& c_;
  const node_options& o_;
  recipe r_;
};

inline constant_data made_elements(const tensor& t, const made_input& m, std::uint32_t seed) {
  double lo = m.lo, hi = m.hi;
  const bool real = t.type == dtype::f32 || t.type == dtype::f64, wide = size_of(t.type) > 2;
  if (!m.bounded) {  // accumulators, indices and counts of wide integers stay small
    lo = real ? -8 : t.type == dtype::f16 ? 0 : wide ? 1 : static_cast<double>(lowest_of(t.type));
    hi = real                   ? 8
         : t.type == dtype::f16 ? 0x7BFF  // the largest finite number's bits
         : wide                 ? 9
                                : static_cast<double>(highest_of(t.type));
  }
  const std::size_t n = t.shape.elements().value, size = size_of(t.type);
  std::vector<std::byte> bytes(n * size);
  std::mt19937 random(seed);
  for (std::size_t i = 0; i < n; ++i) {
    const double at = m.ascending ? static_cast<double>(i) / static_cast<double>(n)
                                  : static_cast<double>(random()) * 0x1p-32;
    store_element(bytes.data() + i * size, t.type,
                  real ? lo + (hi - lo) * at : lo + std::floor((hi - lo + 1) * at));
  }
  return constant_data::copy(bytes);
}

/// Scales are thought of for 8 bits; wider types have as much finer ones.
constexpr double scale_of(dtype t, double scale) {
  const std::size_t bytes = size_of(t);
  return is_float(t) || bytes == 1 || bytes > 4 ? scale : scale / (bytes == 2 ? 256 : 65536);
}
inline void set_quantization(tensor& t, double scale, std::int32_t zero_point) {
  t.scales = {scale}, t.zero_points = {zero_point};
}
inline void copy_quantization(tensor& to, const tensor& from) {
  to.scales = from.scales, to.zero_points = from.zero_points;
}
/// Off the middle on int8, as calibration leaves it; uint8 has 128, under which weights fit int8,
/// int16 has 0.
constexpr std::int32_t usual_zero_point(dtype t) {
  return t == dtype::u8 ? 128 : t == dtype::s8 ? -3 : 0;
}

/// Layers: a step of the output is such that sums of `depth` random products use its range.
inline void quantize_layer(const choice& c, std::size_t depth, bool weights,
                           std::vector<tensor>& in, std::vector<made_input>& made, tensor& y) {
  tensor &x = in[0], &w = in[1];
  if (weights && w.type == dtype::s8) w.zero_points = {0};
  const double products = x.scales[0] * w.scales[0];
  const auto sqrt_depth = std::sqrt(static_cast<double>(std::max<std::size_t>(depth, 1)));
  if (c.round == rounding::none) {
    y.scales.clear(), y.zero_points.clear();
    const double range = static_cast<double>(highest_of(x.type) - lowest_of(x.type)),
                 most = std::max(1., std::floor(0x1p30 / range / static_cast<double>(depth))),
                 zero = w.zero_points[0];
    if (weights && y.type == dtype::s32)  // sums stay within int32
      made[1].range(std::max(static_cast<double>(lowest_of(w.type)), zero - most),
                    std::min(static_cast<double>(highest_of(w.type)), zero + most));
  } else {
    const double wide = (is_8bit(x.type) ? 1. : 256.) * (is_8bit(w.type) ? 1. : 256.);
    set_quantization(y, scale_of(y.type, products * wide * sqrt_depth * 84),
                     usual_zero_point(y.type));
  }
  // As the frameworks make int8 weights: a scale for each output channel.
  if (weights && w.type == dtype::s8) {
    w.axis = is_depthwise(*c.op) ? w.shape.rank - 1 : 0;
    const double scale = w.scales[0];
    w.scales.clear();
    for (std::int32_t i = 0; w.axis >= 0 && i < w.shape[w.axis]; ++i)
      w.scales.push_back(scale * (1 + i % 5 * 0.37));
    w.zero_points.assign(w.scales.size(), 0);
  }
  if (weights && in.size() > 2)
    in[2].type == dtype::f32 ? made[2].range(-2, 2) : made[2].range(-3000, 3000);
}

/// Whether the kernels of the rounding give results the input's quantization.
inline bool keeps_quantization(const choice& c) {
  const auto is = [&](const auto&... list) { return is_one_of(*c.op, list...); };
  return is(ops::qnn_pad, ops::qnn_resize_bilinear) ||
         (is(ops::qnn_avg_pool2d, ops::qnn_max_pool2d) && c.round != rounding::float_half_even &&
          c.round != rounding::float_zero_point_half_even && c.round != rounding::qnnpack &&
          c.round != rounding::onnxruntime) ||
         (is(ops::qnn_mean, ops::qnn_sum) && c.round == rounding::divide_half_even);
}
/// As converters quantize an LSTM: int8 weights, 16-bit cell, states in [-1, 1).
inline void quantize_lstm(std::vector<tensor>& in, tensor& y) {
  for (std::size_t i = 1; i < in.size(); ++i) {
    in[i].scales.clear(), in[i].zero_points.clear();
    if (in[i].type == dtype::s8) set_quantization(in[i], 0.01, 0);
  }
  set_quantization(in[0], 0.02, 3), set_quantization(in[10], 1. / 128, 5);
  set_quantization(in[11], 1. / 4096, 0), set_quantization(y, 1. / 128, 5);
}

/// Of an operator of floats: its int8 weights, or the codes that it dequantizes.
inline void quantize_float_node(const op_def& op, std::vector<tensor>& in) {
  if (is_one_of(op, ops::float_lstm, ops::rnn, ops::float_svdf))
    for (tensor& t : in)
      if (t.type == dtype::s8) set_quantization(t, 0.004, 0);
  if (is_one_of(op, ops::dynamic_dequantize)) set_quantization(in[0], 0.01, 0);
  if (is_one_of(op, ops::pose_decode, ops::pose_masks))
    for (tensor& t : in)
      if (t.type == dtype::u8) set_quantization(t, 0.0625, 128);
}

inline void quantize_node(const choice& c, const recipe& r, std::vector<tensor>& in,
                          std::vector<made_input>& made, std::vector<tensor>& out) {
  const op_def& op = *c.op;
  const auto is = [&](const auto&... list) { return is_one_of(op, list...); };
  if (!op.quantized) return quantize_float_node(op, in);
  const auto coded = [](dtype t) { return is_8bit(t) || t == dtype::s16 || t == dtype::u16; };
  for (std::size_t i = 0; i < in.size(); ++i)
    if (coded(in[i].type))
      set_quantization(in[i], scale_of(in[i].type, i == 0 ? 0.05 : 0.04),
                       usual_zero_point(in[i].type));
  for (tensor& t : out)
    if (coded(t.type)) set_quantization(t, scale_of(t.type, 0.06), usual_zero_point(t.type));
  tensor& y = out[0];
  const bool fixed_unit = y.type == dtype::s16;  // int16 results in [-1, 1) have this scale
  if (op.accumulates) {
    const bool weights = !is(ops::qnn_batch_matmul);
    const dims& w = in[1].shape;
    const std::int32_t channels = std::max(1, is_depthwise(op) ? w.back(0) : w[0]);
    const std::size_t depth = weights ? w.elements().value / static_cast<std::size_t>(channels)
                                      : static_cast<std::size_t>(std::max(1, in[0].shape.back(0)));
    quantize_layer(c, std::max<std::size_t>(depth, 1), weights, in, made, y);
  } else if (is(ops::requantize, ops::requantize_add)) {
    if (size_of(in[0].type) > 2) set_quantization(in[0], 0.0001, 0);
    if (is(ops::requantize_add)) in[1].zero_points = {0}, y.zero_points = {0};
    if (y.scales.empty()) set_quantization(y, scale_of(y.type, 0.06), 0);
  } else if (is(ops::quantize) || (is(ops::qnn_add) && y.scales.empty())) {
    if (y.scales.empty()) set_quantization(y, scale_of(y.type, 0.06), 0);
  } else if (is(ops::dequantize)) {
    if (in[0].scales.empty() && in[0].type != dtype::f16)
      set_quantization(in[0], scale_of(in[0].type, 0.06), 0);
  } else if (is(ops::qnn_softmax)) {
    set_quantization(y, fixed_unit ? 1. / 32768 : 1. / 256, y.type == dtype::s8 ? -128 : 0);
  } else if (is(ops::qnn_log_softmax)) {
    set_quantization(y, 16. / 256, y.type == dtype::s8 ? 127 : 255);
  } else if (is(ops::qnn_l2_normalization)) {
    set_quantization(y, 1. / 128, y.type == dtype::s8 ? 0 : 128);
  } else if (is(ops::qnn_logistic, ops::qnn_tanh)) {
    if (fixed_unit) set_quantization(y, 1. / 32768, 0);
  } else if (keeps_quantization(c)) {
    copy_quantization(y, in[0]);
  } else if (is(ops::qnn_concat)) {
    if (!is_8bit(y.type) || c.round == rounding::none)
      for (tensor& t : in) copy_quantization(t, y);
  } else if (is(ops::qnn_lstm)) {
    quantize_lstm(in, y);
  } else if (is(ops::qnn_svdf)) {
    set_quantization(in[1], 0.01, 0), set_quantization(in[2], 0.001, 0);
    set_quantization(in[3], 0.002, 0);
  } else if (c.round == rounding::none) {  // raw values: one quantization for all
    for (std::size_t i = 1; i < in.size(); ++i)
      if (!in[i].scales.empty()) copy_quantization(in[i], in[0]);
    if (!y.scales.empty()) copy_quantization(y, in[0]);
  }
  for (std::size_t i = 0; i < r.in.size(); ++i)
    if (r.in[i].state_through >= 0) in[i].axis = -1;
}

}  // namespace detail

namespace detail {

/// Attributes given that the operator does not read: misspelt ones would be measured as if they
/// were not there. A node that cannot be prepared says so later.
inline status all_read(const graph& g, const node& n, const attributes& given) {
  const auto& all = n.attrs.entries();
  const auto read = std::make_unique<bool[]>(all.size());
  const attribute_view reading(n.attrs, read.get());
  const node_inputs inputs(g, n);
  node_view view = inputs.view();
  view.attrs = &reading;
  std::vector<dims> shapes(n.out.size());
  plan_memory memory;
  prepared p;
  p.memory = &memory;
  if (!n.op->shape(view, shapes) || !prepare_node(*n.op, view, p)) return unit{};
  for (std::size_t i = 0; i < all.size(); ++i) read[i] = read[i] || !given.find(all[i].first);
  return octet::detail::all_read(*n.op, n.attrs, read.get());
}

}  // namespace detail

/// A graph of one node of this form. Its inputs are values whose tensors hold made-up data, the
/// same at every call. Errors: shapes that do not go together, attributes that the operator does
/// not take.
inline result<graph> make_node(const choice& c, const node_options& o = {}) {
  bool sensible = o.image.rank == 4;
  for (const std::int32_t e : o.image) sensible = sensible && e >= 1 && e <= 1 << 16;
  if (!sensible) return invalid("image", to_string(o.image), "[N,H,W,C], each from 1 to 65536");
  for (const dims& d : o.shapes)
    for (const std::int32_t e : d)
      if (e < 1) return invalid("shape", to_string(d), "extents of 1 or more");
  detail::recipe r = detail::recipe_maker(c, o).make();
  if (o.shapes.size() > r.in.size())
    return invalid("shapes of " + std::string(c.op->name), std::to_string(o.shapes.size()),
                   std::to_string(r.in.size()) + " inputs");
  std::vector<tensor> in(r.in.size()), out(r.outputs);
  for (std::size_t i = 0; i < in.size(); ++i) {
    in[i].name = "in" + std::to_string(i);
    in[i].type = c.in[std::min(i, c.in.size() - 1)];
    in[i].shape = r.in[i].shape;
    if (in[i].shape.elements().value > (std::size_t{1} << 32))
      return invalid("shape", to_string(in[i].shape), "at most 2^32 elements");
    in[i].role = r.in[i].constant             ? tensor::kind::constant
                 : r.in[i].state_through >= 0 ? tensor::kind::state
                                              : tensor::kind::value;
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].name = "out" + std::to_string(i);
    out[i].type = c.out[std::min(i, c.out.size() - 1)];
  }
  detail::quantize_node(c, r, in, r.in, out);
  graph g;
  g.name = std::string(c.op->name);
  std::vector<tensor_id> from, to(out.size(), no_tensor);
  for (std::size_t i = 0; i < in.size(); ++i) {
    const tensor::kind role = in[i].role;
    if (role != tensor::kind::state)
      in[i].data = detail::made_elements(in[i], r.in[i], static_cast<std::uint32_t>(7 + i));
    from.push_back(g.add(std::move(in[i])));
    if (role == tensor::kind::value) g.inputs.push_back(from.back());
    if (role == tensor::kind::state)
      to[static_cast<std::size_t>(r.in[i].state_through)] = from.back();
  }
  for (std::size_t i = 0; i < out.size(); ++i)
    if (to[i] == no_tensor) g.outputs.push_back(to[i] = g.add(std::move(out[i])));
  const node& n =
      g.add_node(*c.op, "", std::move(from), std::move(to), std::move(r.attrs), c.round);
  if (auto s = infer_shapes(g, n); !s) return s.error();
  if (auto s = detail::all_read(g, n, o.attrs); !s) return s.error();
  return g;
}

// ---- from what is asked for to a form ----

struct op_choice {
  std::vector<dtype> in{}, out{};    // of the inputs and outputs in order; those that are not
                                     // given are the usual ones beside them
  law arithmetic = law::tflite_ref;  // decides the rounding
  std::optional<rounding> round{};   // this rounding, whatever a law says
};

namespace detail {

/// How far a form's types are from what files of a law hold: 0 is the usual.
inline int strangeness(const choice& c, law l) {
  const bool tflite = l == law::tflite_ref || l == law::tflite_xnnpack;
  const dtype x = c.in[0], second = c.in.size() > 1 ? c.in[1] : x, y = c.out[0],
              usual = tflite ? dtype::s8 : dtype::u8;
  const bool coded = is_8bit(x) || x == dtype::s16;
  const int of_x = x == usual        ? 0
                   : x == dtype::f32 ? 1
                   : is_8bit(x)      ? 2
                   : x == dtype::s16 ? 3
                   : x == dtype::s32 ? 4
                                     : 5;
  const dtype beside = !coded ? x : tflite && x == dtype::u8 ? dtype::u8 : dtype::s8;
  const dtype bias = laws::is_pytorch(l) ? dtype::f32 : x == dtype::s16 ? dtype::s64 : dtype::s32;
  const int of_second = second == beside ? 0 : second == dtype::s32 ? 1 : 2;
  const int of_bias = c.in.size() > 2 && c.in[2] != bias ? 1 : 0;
  const int of_y = y == x ? 0 : y == (coded ? dtype::f32 : usual) ? 1 : is_8bit(y) ? 2 : 3;
  return 24 * of_x + 6 * of_y + 2 * of_second + of_bias;
}

}  // namespace detail

/// The forms of the operators of this name, with and without "qnn.", that have the types asked for
/// and, where one is asked for, the rounding: the usual ones first. Errors: no such operator, no
/// such form.
inline result<std::vector<choice>> choices_for(std::string_view name, const op_choice& want) {
  std::vector<choice> all;
  std::string supported;
  bool known = false;
  const std::string quantized = "qnn." + std::string(name);
  for (const std::string_view each : {name, std::string_view(quantized)}) {
    const op_def* op = find_operator(each);
    if (!op) continue;
    known = true;
    for (const form& f : op->forms) {
      octet::detail::append(supported, 0, "; ", "");
      octet::detail::append_text_of(supported, f);
    }
    const auto starts = [](const std::vector<dtype>& list, const std::vector<dtype>& with) {
      return with.size() <= list.size() && std::equal(with.begin(), with.end(), list.begin());
    };
    for (choice& c : choices_of(*op))
      if (starts(c.in, want.in) && starts(c.out, want.out) &&
          (!want.round || c.round == *want.round))
        all.push_back(std::move(c));
  }
  if (!known) return unsupported("operator", std::string(name), "the names of docs/operators.md");
  if (all.empty()) {
    std::string found;
    for (const dtype t : want.in) found += (found.empty() ? "" : ", ") + std::string(name_of(t));
    for (const dtype t : want.out) found += " -> " + std::string(name_of(t));
    if (want.round) found += ", " + std::string(name_of(*want.round));
    return unsupported("element types or rounding of " + std::string(name), found, supported);
  }
  std::stable_sort(all.begin(), all.end(), [&](const choice& a, const choice& b) {
    return detail::strangeness(a, want.arithmetic) < detail::strangeness(b, want.arithmetic);
  });
  return all;
}

/// One node of the operator of this name ("conv2d" finds qnn.conv2d where the types are quantized):
/// the usual form of those asked for, rounded as the law says.
inline result<graph> make_node(std::string_view name, const op_choice& want,
                               const node_options& o = {}) {
  auto all = choices_for(name, want);
  if (!all) return all.error();
  std::optional<error_info> first;
  for (const choice& c : *all) {
    auto g = make_node(c, o);
    if (!g) return g;
    if (want.round) return g;
    node& n = g->nodes[0];
    const node_inputs view(*g, n);
    const laws::decision d =
        decide(*c.op, want.arithmetic, view.view(), laws::composed(view.view().in[0].shape));
    if (d.known && d.round == c.round) {
      g->arithmetic = want.arithmetic;
      set_decided(d, [&](const char* key, auto value) { n.attrs.set(key, value); });
      return g;
    }
    if (!first)
      first = unsupported(std::string(c.op->name) + " on " + std::string(name_of(c.x())),
                          "law " + std::string(name_of(want.arithmetic)),
                          "a rounding by name where the law's framework has no such operator");
  }
  return *first;
}

}  // namespace bench
OCTET_NAMESPACE_END

#endif  // OCTET_BENCH_MADE_UP_HPP_
// ---- octet/bench/same.hpp
// When two runs of a graph count as the same.
#ifndef OCTET_BENCH_SAME_HPP_
#define OCTET_BENCH_SAME_HPP_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>


OCTET_NAMESPACE_BEGIN
namespace bench {

/// Whether the element that begins at `at` is NaN.
inline bool is_nan(const std::byte* at, dtype type) {
  const auto above = [at]<class U>(U infinity) {
    U bits;
    std::memcpy(&bits, at, sizeof bits);
    constexpr U magnitude = static_cast<U>(~U{0}) >> 1;
    return static_cast<U>(bits & magnitude) > infinity;
  };
  switch (type) {
    case dtype::f16: return above(std::uint16_t{0x7c00});
    case dtype::f32: return above(std::uint32_t{0x7f800000});
    case dtype::f64: return above(std::uint64_t{0x7ff0000000000000});
    case dtype::s8:
    case dtype::u8:
    case dtype::s16:
    case dtype::u16:
    case dtype::s32:
    case dtype::u32:
    case dtype::s64:
    case dtype::u64:
    case dtype::boolean: break;
  }
  return false;
}
/// Elements of one tensor from two runs: bit for bit; of NaN every one is as good as another (which
/// operand's a sum keeps, compilers choose).
inline bool same_elements(const std::vector<std::byte>& a, const std::vector<std::byte>& b,
                          dtype type) {
  if (a == b) return true;
  if (a.size() != b.size()) return false;
  const std::size_t size = size_of(type);
  for (std::size_t i = 0; i < a.size(); i += size)
    if (std::memcmp(&a[i], &b[i], size) != 0 && !(is_nan(&a[i], type) && is_nan(&b[i], type)))
      return false;
  return true;
}

}  // namespace bench
OCTET_NAMESPACE_END

#endif  // OCTET_BENCH_SAME_HPP_
// ---- octet/graph/cost.hpp
// What a node costs: multiply-accumulates, bytes moved, and a bound on the steps that its reference
// takes.
#ifndef OCTET_GRAPH_COST_HPP_
#define OCTET_GRAPH_COST_HPP_


OCTET_NAMESPACE_BEGIN

/// Multiply-accumulates of a node whose shapes are known; 0 where it has none to speak of.
inline double macs_of(const graph& g, const node& n) {
  return n.op->macs ? n.op->macs(node_inputs(g, n).view()) : 0;
}

/// Bytes that a node reads and writes once: inputs, constants, outputs.
inline double bytes_moved(const graph& g, const node& n) {
  double sum = 0;
  for (const auto* list : {&n.in, &n.out})
    for (tensor_id t : *list)
      if (t != no_tensor)
        sum += static_cast<double>(bytes_of(g[t].shape.elements(), g[t].type).value);
  return sum;
}

/// Elementary steps of a node's reference, at least in their order of magnitude: a nanosecond or
/// two each. Shapes must be known. For limits::work; folding constants runs references.
inline std::size_t steps_of(const graph& g, const node& n) {
  constexpr double float_steps = 8;  // exact float operations, elementary functions
  double elements = 0;
  bool floats = false;
  for (const auto* list : {&n.in, &n.out})
    for (tensor_id t : *list) {
      if (t == no_tensor) continue;
      elements += static_cast<double>(g[t].shape.elements().value);
      floats |= is_float(g[t].type);
    }
  if (n.op->steps) elements += n.op->steps(node_inputs(g, n).view());
  const double steps = (elements + macs_of(g, n)) * (floats ? float_steps : 1) + 1;
  return steps < 9e18 ? static_cast<std::size_t>(steps) : static_cast<std::size_t>(-1);
}

OCTET_NAMESPACE_END

#endif  // OCTET_GRAPH_COST_HPP_

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
#endif  // OCTET_SINGLE_HPP_
