// What conv2d, fully_connected and the matrix kernels of every target share: the problem in one
// form, the memory that it takes on a target, and packed weights. Operators say which problem they
// are (problem_of, beside their params).
//
// Every convolution is a matrix product over "pixels" (rows) and output channels (columns). A row
// is a list of segments of consecutive elements (one per kernel row, all taps of it at once, where
// the input lies so), at the same offsets from each pixel's first element.
//
// Columns come in panels of 1..4 vectors of `lanes` int32 accumulators. Channel of (vector v, lane
// i) in a panel of nv vectors: (i / 4 * nv + v) * 4 + i % 4. With this order the saturating packs
// of SSE, AVX2 and AVX-512, which work inside 128-bit blocks, give whole groups of four bytes, and
// at most one permutation of 32-bit lanes sorts them (none where nv == 4 or vectors have 128 bits).
#ifndef OCTET_KERNELS_GEMM_HPP_
#define OCTET_KERNELS_GEMM_HPP_

#include <cstring>
#include <limits>

#include "octet/core/buffer.hpp"
#include "octet/kernels/simd/layouts.hpp"
#include "octet/numerics/requantize.hpp"

OCTET_NAMESPACE_BEGIN
namespace kernels {

/// How products are formed. quad: four bytes a lane (VNNI, Arm dotprod). pair8, pair16: two int16 a
/// lane (vpmaddwd), weights stored as int8 or int16.
enum class product : std::uint8_t { quad, pair8, pair16 };

constexpr std::int32_t channel_in_panel(std::int32_t nv, std::int32_t v, std::int32_t i) noexcept {
  return (i / 4 * nv + v) * 4 + i % 4;
}

/// Whether every w - zero point is in [-128, 127]; unknown: whoever needs it reads all weights.
enum class weight_fit : std::uint8_t { unknown, no, yes };

/// A zero point that is computed when the network runs, as codes of that type take it: what is none
/// of its values counts as the nearest.
constexpr std::int32_t run_time_zero_point(dtype codes, std::int32_t z) noexcept {
  const auto lo = static_cast<std::int32_t>(lowest_of(codes)),
             hi = static_cast<std::int32_t>(highest_of(codes));
  return z < lo ? lo : z > hi ? hi : z;
}
/// Sums to floats, where rows of the input have scales, and maybe zero points, that are found when
/// the network runs.
struct row_scaling {
  std::size_t lines = 1;  // output lines that share a scale: those of one image or more, or (of a
                          // kernel of one pixel) any number
  float_scaling by = float_scaling::channel_first;
  const float* scales = nullptr;  // one per output channel
  const float* bias = nullptr;    // likewise; null: none
  float min = 0, max = 0;

  /// Of results without bounds, also NaN, nothing changes.
  constexpr bool clamps() const noexcept {
    constexpr float most = std::numeric_limits<float>::infinity();
    return !(min == -most && max == most);
  }
};

/// Conv2d, depthwise_conv2d, fully_connected, batch_matmul and transpose_conv2d in one form.
struct gemm_problem {
  std::int32_t batch = 1, in_h = 1, in_w = 1, in_c = 1, out_h = 1, out_w = 1, out_c = 1,
               kernel_h = 1, kernel_w = 1;
  std::int32_t stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1, pad_top = 0,
               pad_left = 0, groups = 1;
  dtype in_type, weight_type, out_type;
  std::int32_t in_zero_point = 0;
  const std::int32_t* weight_zero_points = nullptr;
  const void* weights = nullptr;
  std::size_t weight_oc = 0, weight_tap = 0, weight_ic = 1;  // strides in elements
  std::int32_t insert_h = 1, insert_w = 1;  // distance of neighbouring input pixels; between them
                                            // lie zero points (transposed convolution)
  bool flipped = false;                     // taps in reverse order
  /// One phase of a transposed convolution: the output pixels that the same taps reach. Extents are
  /// the phase's own; these say which taps and pixels of the whole they are.
  struct phase {
    bool on = false, empty = false;  // empty: no tap reaches it; it has one, of weight 0
    std::int32_t first_h = 0, first_w = 0, step_h = 1, step_w = 1;  // taps and output pixels alike
    std::int32_t tap_h = 0, tap_w = 0;                              // first taps
    std::int32_t kernel_h = 0, kernel_w = 0, out_h = 0, out_w = 0;  // of the whole
  } part{};
  bool dynamic = false;  // weights change from run to run: nothing may depend on their values
  std::int32_t weight_zero_point = 0;  // where weight_zero_points is null
  bool zero_points_unknown = false;    // one per channel, and not at hand: memory is being counted
  weight_fit fits = weight_fit::unknown;
  const std::int32_t* bias32 = nullptr;
  const std::int64_t* bias64 = nullptr;
  bool wide = false;
  const requantize_params* requant = nullptr;
  const row_scaling* rows = nullptr;  // float32 output by these; `requant` gives the sums

  constexpr std::int32_t group_in() const noexcept { return in_c / groups; }
  constexpr std::int32_t group_out() const noexcept { return out_c / groups; }
  constexpr std::int32_t bias(std::int32_t c) const noexcept {
    return requant->mode == rounding::float_bias_half_even ? 0
           : bias32                                        ? bias32[c]
           : bias64                                        ? static_cast<std::int32_t>(bias64[c])
                                                           : 0;
  }
  constexpr std::int64_t wide_bias(std::int32_t c) const noexcept {
    return requant->mode == rounding::float_bias_half_even ? 0
           : bias32                                        ? bias32[c]
           : bias64                                        ? bias64[c]
                                                           : 0;
  }
  /// Weights are u8, s8 or s16, which every form of these operators says; others are not read.
  constexpr std::int32_t weight_at(std::size_t i) const noexcept {
    switch (weight_type) {
      case dtype::u8: return static_cast<const std::uint8_t*>(weights)[i];
      case dtype::s8: return static_cast<const std::int8_t*>(weights)[i];
      case dtype::s16: return static_cast<const std::int16_t*>(weights)[i];
      case dtype::f32:
      case dtype::f64:
      case dtype::f16:
      case dtype::u16:
      case dtype::s32:
      case dtype::u32:
      case dtype::s64:
      case dtype::u64:
      case dtype::boolean: break;
    }
    return 0;
  }
  /// Where the weight of tap t (ky * kernel_w + kx) is; not where part.empty.
  constexpr std::size_t weight_index(std::int32_t oc, std::int32_t t,
                                     std::int32_t ic) const noexcept {
    if (part.on)
      t = (part.tap_h + t / kernel_w * part.step_h) * part.kernel_w + part.tap_w +
          t % kernel_w * part.step_w;
    if (flipped) t = (part.on ? part.kernel_h * part.kernel_w : kernel_h * kernel_w) - 1 - t;
    return as_size(oc) * weight_oc + as_size(t) * weight_tap + as_size(ic) * weight_ic;
  }
  constexpr std::int32_t zero_point_of(std::int32_t oc) const noexcept {
    return weight_zero_points ? weight_zero_points[oc] : weight_zero_point;
  }
  /// w - zero point.
  constexpr std::int32_t weight(std::int32_t oc, std::int32_t t, std::int32_t ic) const noexcept {
    return part.empty ? 0 : weight_at(weight_index(oc, t, ic)) - zero_point_of(oc);
  }
};

/// Which epilogue a panel or block runs.
enum class epilogue_kind : std::uint8_t {
  raw,       // int32 accumulators
  scaled,    // F of products below 2^30: 8-bit output, nothing to cut
  real,      // F, FB: 8-bit output
  dr,        // DR with every right shift >= 1 and no left shift, |accumulator| < 2^30, 8-bit output
  any,       // everything else
  dr_words,  // as dr, 16-bit output
  wide,      // I64 whose 15 - shift is in [1, 62]
  floats,    // row_scaling
};
constexpr bool is_dr(epilogue_kind k) noexcept {
  return k == epilogue_kind::dr || k == epilogue_kind::dr_words;
}
constexpr bool has_requantize(const requantize_params& q, dtype out) noexcept {
  if (q.mode == rounding::none) return out == dtype::s32 || out == dtype::s64;
  const bool known =
      uses_multiplier(q.mode) || uses_float_scale(q.mode) || q.mode == rounding::double_half_away;
  return known && (is_8bit(out) || out == dtype::s16);
}

/// Scalars of the epilogue. 8-bit results are formed as int8 (u8 ones minus 128) and flipped at the
/// end.
struct epilogue_scalars {
  std::int32_t zero_point = 0;       // for the int8 form
  std::int32_t lo = -128, hi = 127;  // likewise
  std::uint8_t flip = 0;             // 0x80 for u8
  float highest =
      0;  // float(hi - zero_point): cut before the conversion to int, which does not saturate
  bool scaled_bias = false;  // FB whose bias has a unit
};
constexpr epilogue_scalars scalars_of(const requantize_params& q, dtype out) noexcept {
  const std::int32_t shift = out == dtype::u8 ? 128 : 0;
  epilogue_scalars e;
  e.zero_point = q.zero_point - shift;
  e.lo = q.lo - shift;
  e.hi = q.hi - shift;
  e.flip = out == dtype::u8 ? 0x80 : 0;
  e.highest = static_cast<float>(q.hi - q.zero_point);
  e.scaled_bias = q.bias_unit != nullptr;
  return e;
}

/// Per-column data of a panel or block of nv vectors: seven arrays of nv * lanes 4-byte values, in
/// packed order, then weights.
///   0 bias | 1 multiplier or float scale | 2 right shift - 1, or float bias | 3 left shift, or the
///   float bias's unit (1: none) | 4 -1 where a rounding shift's ties go away from zero, else 0 |
///   5, 6 what kind `dr` adds to the 64-bit products of even (odd) columns: 2^31 + 2^32 * (2^(R-1)
///   - multiplier - 1), R the right shift
/// I64: 1 15-bit multiplier | 2 total = 15 - shift | 3 2^(62 - total) modulo 2^32 | 5, 6 2^62 +
/// 2^(total - 1), 64 bits. Where sums have 64 bits, 5 and 6 also hold what is added to a sum (the
/// bias, say), times I64's multiplier.
/// row_scaling: 1 float scale | 2 float bias | 3 the sum of the weights, negated.
/// D64 keeps its doubles in arrays 1 and 2, first those of even then of odd... (plain order:
/// element k of the panel at double k).
inline constexpr std::int32_t panel_arrays = 7;

/// The channels of a panel's columns: `count` from `first`; those of depthwise blocks begin again
/// at 0 after `period` of them.
struct panel_channels {
  std::int32_t first, count, period = INT32_MAX;
  constexpr std::int32_t at(std::int32_t column) const noexcept {
    return static_cast<std::int32_t>((std::int64_t{first} + column) % period);
  }
};
/// Fills the arrays for these channels; returns what the columns need.
inline epilogue_kind fill_panel(const requantize_params& q, dtype out, std::int32_t nv,
                                std::int32_t lanes, const panel_channels& channels,
                                std::byte* to) noexcept {
  const auto count = as_size(nv * lanes);
  auto* words = reinterpret_cast<std::int32_t*>(to);
  auto* reals = reinterpret_cast<float*>(to);
  std::int32_t *m = words + count, *r = m + count, *l = r + count, *away = l + count,
               *even = away + count, *odd = even + count;
  epilogue_kind kind = q.mode == rounding::none           ? epilogue_kind::raw
                       : q.mode == rounding::wide_half_up ? epilogue_kind::wide
                       : q.mode == rounding::doubling_high_half_away
                           ? is_8bit(out) ? epilogue_kind::dr : epilogue_kind::dr_words
                       : is_8bit(out) && q.mode == rounding::float_half_even ? epilogue_kind::scaled
                       : is_8bit(out) && q.mode == rounding::float_bias_half_even
                           ? epilogue_kind::real
                           : epilogue_kind::any;
  for (std::int32_t v = 0; v < nv; ++v)
    for (std::int32_t i = 0; i < lanes; ++i) {
      const std::int32_t local = channel_in_panel(nv, v, i), c = channels.at(local);
      const auto at = as_size(v * lanes + i);
      if (local >= channels.count) continue;
      const std::int32_t k = q.channels == 1 ? 0 : c;
      if (uses_float_scale(q.mode)) {
        reals[count + at] = q.scale[k];
        reals[2 * count + at] =
            q.mode == rounding::float_bias_half_even && q.bias ? q.bias[c] : 0.f;
        reals[3 * count + at] = q.bias_unit ? q.bias_unit[k] : 1.f;
      } else if (q.mode == rounding::double_half_away) {
        std::memcpy(to + count * 4 + at * 8, &q.scale64[k], 8);
      } else if (q.mode == rounding::wide_half_up) {
        const std::int32_t total = 15 - q.mult[k].shift;
        if (total < 1 || total > 62) {
          kind = epilogue_kind::any;
          continue;
        }
        m[at] = numerics::reduce_multiplier(q.mult[k].m);
        r[at] = total;
        l[at] =
            static_cast<std::int32_t>(static_cast<std::uint32_t>(std::uint64_t{1} << (62 - total)));
        const std::uint64_t start = (std::uint64_t{1} << 62) + (std::uint64_t{1} << (total - 1));
        std::memcpy((at % 2 == 0 ? even : odd) + at / 2 * 2, &start, 8);
      } else if (uses_multiplier(q.mode)) {
        m[at] = q.mult[k].m;
        r[at] = (q.mult[k].shift > 0 ? 0 : -q.mult[k].shift) - 1;
        l[at] = q.mult[k].shift > 0 ? q.mult[k].shift : 0;
        away[at] = q.mode == rounding::doubling_high_half_away ? -1 : 0;
        if (is_dr(kind) && (r[at] < 0 || l[at] > 0)) kind = epilogue_kind::any;
        if (q.mode == rounding::doubling_high_half_away) {
          std::int32_t* const pair = (at % 2 == 0 ? even : odd) + at / 2 * 2;
          pair[0] = INT32_MIN;
          pair[1] = static_cast<std::int32_t>((std::uint32_t{1} << (r[at] & 31)) -
                                              static_cast<std::uint32_t>(m[at]) - 1u);
        }
      }
    }
  return kind;
}

/// The column at `at` of channel c, the sum of whose weights is `sum`, for row_scaling.
inline void fill_scaled_column(const row_scaling& s, std::size_t count, std::size_t at,
                               std::int32_t c, std::uint32_t sum, std::byte* arrays) noexcept {
  auto* const reals = reinterpret_cast<float*>(arrays);
  reals[count + at] = s.scales[c];
  reals[2 * count + at] = s.bias != nullptr ? s.bias[c] : numerics::no_bias(s.by);
  reinterpret_cast<std::uint32_t*>(arrays)[3 * count + at] = 0u - sum;
}

/// What is added to the 64-bit sums of the column at `at`: to arrays 5 and 6.
inline void add_to_sum(const requantize_params& q, std::int32_t nv, std::int32_t lanes,
                       std::int32_t at, std::byte* arrays, std::int64_t addend) noexcept {
  const auto count = as_size(nv * lanes);
  std::byte* const to = arrays + (5 + as_size(at % 2)) * count * 4 + as_size(at / 2) * 8;
  std::int32_t multiplier = 1;
  if (q.mode == rounding::wide_half_up)
    std::memcpy(&multiplier, arrays + count * 4 + as_size(at) * 4, 4);
  std::uint64_t start = 0;
  std::memcpy(&start, to, 8);
  start += static_cast<std::uint64_t>(addend) * static_cast<std::uint64_t>(multiplier);
  std::memcpy(to, &start, 8);
}

/// Takes `dr` and `scaled` back where the accumulators of channel c, the sum of whose weights'
/// magnitudes is `size`, may reach 2^30, or their products.
inline void limit_kind(epilogue_kind& kind, const gemm_problem& g, std::int32_t c,
                       std::int64_t size) noexcept {
  constexpr std::int64_t limit = std::int64_t{1} << 30;
  if (!is_dr(kind) && kind != epilogue_kind::scaled) return;
  const std::int64_t bias = g.bias(c), most = (bias < 0 ? -bias : bias) +
                                              size * largest_offset(g.in_type, g.in_zero_point);
  if (is_dr(kind)) {
    if (most >= limit) kind = epilogue_kind::any;
  } else if (const float scale = g.requant->scale[g.requant->channels == 1 ? 0 : c];
             !(static_cast<double>(most) * static_cast<double>(scale) <
               static_cast<double>(limit))) {
    kind = epilogue_kind::real;
  }
}

/// Start of every packed block; the panels follow at a 64-byte boundary. What depends on extents of
/// the image (set_image) is worked out again by whoever runs it, so that images of all sizes share
/// packed weights.
struct packed_gemm {
  product kind;
  std::uint8_t element;                          // bytes of an activation as the product takes it
  std::int32_t segments, segment_length, steps;  // steps: 4-byte groups per segment
  std::int32_t panels;                           // per group
  std::int32_t vectors;                          // per group, over all panels
  std::int32_t share;  // vectors of a panel that a group's channels take up, where groups
                       // lie side by side in panels as if they were one (vectors_of_group);
                       // 0: each group has panels of its own
  std::int32_t step_h, step_w;  // distance of neighbouring output rows (columns) inside the window
  std::int32_t fill;            // what a padding element is in the window
  std::uint32_t flip;           // xor for activations as they are copied
  std::int32_t offset;  // quad with weights stored as w - zero point - offset: offset times the sum
                        // of a row's activations comes on top; 0: none
  std::int32_t block_steps;  // steps whose sum fits int32, where sums have 64 bits; else 0
  std::size_t panel_offset;  // of the first panel; panels of one width have one size
  // Of the image:
  bool direct;                      // a row is a pixel of the input, as it is or flipped
  std::int32_t window_h, window_w;  // input rows and columns kept per output row block; compacted
                                    // where the kernel has one row (column)
  std::int32_t block_rows;          // output rows (direct: pixels) per block
  std::size_t row_bytes;            // of a window row
};

/// Vectors of panel i: as even as possible, wider ones first.
constexpr std::int32_t panel_vectors(std::int32_t vectors, std::int32_t panels,
                                     std::int32_t i) noexcept {
  return vectors / panels + (i < vectors % panels ? 1 : 0);
}
constexpr std::int32_t first_vector(std::int32_t vectors, std::int32_t panels,
                                    std::int32_t i) noexcept {
  return vectors / panels * i + (i < vectors % panels ? i : vectors % panels);
}
constexpr std::size_t weight_lane_bytes(product k) noexcept { return k == product::pair8 ? 2 : 4; }

/// Bytes of a panel without its tail of alignment: arrays, one epilogue kind word (64 bytes),
/// weights.
constexpr std::size_t panel_bytes(const packed_gemm& h, const target_layout& t,
                                  std::int32_t nv) noexcept {
  const auto columns = as_size(nv * t.lanes), steps = as_size(h.segments) * as_size(h.steps);
  return alignment + round_up(columns * 4 * panel_arrays, alignment) +
         round_up(columns * steps * weight_lane_bytes(h.kind), alignment);
}
constexpr std::size_t panel_at(const packed_gemm& h, const target_layout& t, std::int32_t group,
                               std::int32_t i) noexcept {
  const std::int32_t base = h.vectors / h.panels, wide = h.vectors % h.panels;
  const std::size_t narrow_bytes = panel_bytes(h, t, base),
                    wide_bytes = panel_bytes(h, t, base + 1);
  const std::size_t per_group =
      as_size(wide) * wide_bytes + as_size(h.panels - wide) * narrow_bytes;
  return h.panel_offset + as_size(group) * per_group + as_size(i < wide ? i : wide) * wide_bytes +
         as_size(i < wide ? 0 : i - wide) * narrow_bytes;
}

/// A block of steps starts at block_start, so that as an unsigned number its sum is not negative
/// when it is widened; what it adds is taken off at the end.
inline constexpr std::int64_t block_start = (std::int64_t{1} << 31) - (1 << 16);

/// Bytes of scratch a part may ask for. A dilation of millions makes a window of gigabytes out of a
/// file of a few hundred bytes: such a node runs its reference.
inline constexpr std::size_t most_scratch = std::size_t{256} << 20;

/// Sums of 64 bits where int32 cannot be proven to hold them; DR, RU and int32 outputs take the low
/// 32 bits anyway.
constexpr bool has_wide_sums(const gemm_problem& g) noexcept {
  const rounding r = g.requant->mode;
  return g.wide && r != rounding::doubling_high_half_away && r != rounding::doubling_high_half_up &&
         g.out_type != dtype::s32;
}
/// Int16 weights, those of a matrix product of two int16 operands, have no zero point.
constexpr bool has_word_weights(const gemm_problem& g) noexcept {
  return g.weight_type == dtype::s16;
}
/// Wide sums stay below 2^46, so that I64's products stay below 2^61.
constexpr bool wide_sums_fit(const gemm_problem& g) noexcept {
  constexpr std::int64_t half = std::int64_t{1} << 45;
  const std::int64_t products = std::int64_t{g.kernel_h} * g.kernel_w * g.group_in(),
                     largest = largest_offset(g.in_type, g.in_zero_point) *
                               (has_word_weights(g) ? 1 << 15 : 255);
  if (g.in_type != dtype::s16 || products > half / largest) return false;
  for (std::int32_t c = 0; c < g.out_c && g.bias64 != nullptr; ++c)
    if (g.bias64[c] > half || g.bias64[c] < -half) return false;
  return true;
}
OCTET_NOINLINE constexpr bool gemm_accepts(const gemm_problem& g) noexcept {
  if ((g.weights == nullptr && !g.dynamic) || !(is_8bit(g.in_type) || g.in_type == dtype::s16))
    return false;
  if (has_word_weights(g) ? g.in_type != dtype::s16 || !has_wide_sums(g) || g.in_zero_point != 0 ||
                                g.weight_zero_point != 0 || g.weight_zero_points != nullptr
                          : !is_8bit(g.weight_type))
    return false;
  if (g.wide && !wide_sums_fit(g)) return false;
  return (g.rows != nullptr || has_requantize(*g.requant, g.out_type)) && g.out_c > 0 &&
         g.out_h > 0 && g.out_w > 0 && g.batch > 0 && g.group_in() > 0;
}

/// How weights are stored: what depends on their values.
struct weight_form {
  bool fits = false;        // every w - zero point is in [-128, 127]
  std::int32_t offset = 0;  // what to take from w - zero point so that it fits int8 (w itself, or
                            // w - 128), where that is one number for all channels; 0: nothing or
                            // no such number
};
/// Types and zero points alone tell that weights fit.
constexpr bool always_fits(const gemm_problem& g) noexcept {
  return !has_word_weights(g) && g.weight_zero_points == nullptr && !g.zero_points_unknown &&
         g.weight_zero_point == (g.weight_type == dtype::u8 ? 128 : 0);
}
constexpr std::int32_t weight_offset(const gemm_problem& g) noexcept {
  if (g.groups != 1 || has_word_weights(g)) return 0;
  for (std::int32_t c = 1; c < g.out_c && g.weight_zero_points != nullptr; ++c)
    if (g.weight_zero_points[c] != g.weight_zero_points[0]) return 0;
  return (g.weight_type == dtype::u8 ? 128 : 0) -
         (g.weight_zero_points != nullptr ? g.weight_zero_points[0] : g.weight_zero_point);
}
/// Of the weights at hand; of dynamic ones, what holds for any.
inline weight_form form_of(const gemm_problem& g) noexcept {
  const weight_form other{false, weight_offset(g)};
  if (always_fits(g)) return {true, 0};
  if (g.dynamic || has_word_weights(g)) return other;
  if (g.fits != weight_fit::unknown)
    return g.fits == weight_fit::yes ? weight_form{true, 0} : other;
  for (std::int32_t c = 0; c < g.out_c; ++c)
    for (std::int32_t t = 0; t < g.kernel_h * g.kernel_w; ++t)
      for (std::int32_t i = 0; i < g.group_in(); ++i)
        if (const std::int32_t w = g.weight(c, t, i); w < -128 || w > 127) return other;
  return {true, 0};
}
/// The largest of need(form) over the forms that weights of the problem's types may have.
template <class F>
constexpr node_bytes largest_over_forms(const gemm_problem& g, F&& need) noexcept {
  if (always_fits(g)) return need(weight_form{true, 0});
  if (has_word_weights(g)) return need(weight_form{false, 0});
  node_bytes most = need(weight_form{false, g.zero_points_unknown ? 0 : weight_offset(g)});
  if (!g.dynamic) most = largest(most, need(weight_form{true, 0}));
  // Offsets differ in nothing but whether row sums are needed.
  if (g.zero_points_unknown && g.groups == 1) most = largest(most, need(weight_form{false, 1}));
  return most;
}

/// Rows of a block that is not read directly.
constexpr void set_block(packed_gemm& h, const gemm_problem& g) noexcept {
  const std::int32_t tall = (g.kernel_h - 1) * g.dilation_h + 1;
  // As many output rows as keep the window near 48 KB, and no more than give 96 pixels: beyond,
  // tiles that end a block early are rare.
  const auto tallest = static_cast<std::int32_t>((48u << 10) / h.row_bytes);
  std::int32_t rows = 95 / g.out_w + 1;
  if (rows > g.out_h) rows = g.out_h;
  if (tallest < tall + h.step_h)
    rows = 1;
  else if (rows > (tallest - tall) / h.step_h + 1)
    rows = (tallest - tall) / h.step_h + 1;
  if (g.part.on) rows = 1;  // lines of a phase do not follow each other in the output
  h.block_rows = rows;
  h.window_h = (rows - 1) * h.step_h + tall;
}

/// The part of a header that depends on extents of the image.
OCTET_NOINLINE constexpr void set_image(packed_gemm& h, const gemm_problem& g) noexcept {
  // Every output pixel has its input pixel, and that alone.
  const bool pixel_each = g.kernel_h == 1 && g.kernel_w == 1 && g.pad_top == 0 && g.pad_left == 0 &&
                          std::int64_t{g.out_h - 1} * g.stride_h < g.in_h &&
                          std::int64_t{g.out_w - 1} * g.stride_w < g.in_w && g.insert_h == 1 &&
                          g.insert_w == 1 && !g.part.on;
  const bool as_it_is = h.kind == product::quad || g.in_type == dtype::s16;
  h.direct = pixel_each && as_it_is && h.share == 0 &&  // a panel's load may go beyond the pixel
             h.segment_length % (h.kind == product::quad ? 4 : 2) == 0;
  const std::size_t pixel = as_size(g.in_c) * h.element;
  if (h.direct) {
    // Copies of narrow pixels stay in the first cache. Measured on AVX-512 VNNI: 1x1 of 56x56, 64
    // to 64 channels, takes 6 % less time with 16 KB than with 32 KB; 256 to 64, 4 % more.
    const std::size_t bytes = h.flip != 0 && pixel <= 192 ? 16384 : 32768;
    const auto rows = static_cast<std::int32_t>(bytes / pixel / 24 * 24);
    h.block_rows = rows < 24 ? 24 : rows > 480 ? 480 : rows;
    if (const std::size_t all = product_of(g.batch, g.out_h) * as_size(g.out_w);
        as_size(h.block_rows) > all)
      h.block_rows = static_cast<std::int32_t>(all);
    return;
  }
  h.window_w = (g.out_w - 1) * h.step_w + (g.kernel_w - 1) * g.dilation_w + 1;
  h.row_bytes = round_up(as_size(h.window_w) * pixel + 8, 16);
  set_block(h, g);
}
/// Segments are whole kernel rows, not taps.
constexpr bool has_whole_rows(const gemm_problem& g, const packed_gemm& h) noexcept {
  return h.segments == g.kernel_h && h.segment_length == g.kernel_w * g.in_c;
}
/// Where each segment begins, in bytes from a pixel's first element; of an image too.
inline void set_segments(const packed_gemm& h, const gemm_problem& g, std::int64_t* to) noexcept {
  const std::size_t pixel = as_size(g.in_c) * h.element;
  const bool whole_rows = has_whole_rows(g, h);
  for (std::int32_t s = 0; s < h.segments; ++s) {
    const std::int32_t ky = whole_rows ? s : s / g.kernel_w, kx = whole_rows ? 0 : s % g.kernel_w;
    to[s] = static_cast<std::int64_t>(as_size(ky * g.dilation_h) * h.row_bytes +
                                      as_size(kx * g.dilation_w) * pixel);
  }
}

/// Groups of 4 or 8 channels, fewer than a vector has lanes, that give as many as they take lie
/// side by side in panels of four vectors where products are of four bytes: packed_gemm's share, or
/// 0. Block b of 128 bits of the panel's vectors holds channels 16 * b to 16 * b + 15, and so does
/// block b of the 64 bytes of input from the panel's first channel: whatever a lane multiplies lies
/// in its own block. With a panel each, groups of 8 channels leave half of AVX-512's lanes empty
/// and are rounded and stored 8 at a time.
constexpr std::int32_t vectors_of_group(const gemm_problem& g, const target_layout& t,
                                        product kind) noexcept {
  const std::int32_t channels = g.group_in();
  const bool plain = g.rows == nullptr && !g.part.on && g.insert_h == 1 && g.insert_w == 1;
  return every_form && plain && kind == product::quad && t.max_vectors == 4 && g.groups > 1 &&
                 g.group_out() == channels && (channels == 4 || channels == 8) && channels < t.lanes
             ? channels / 4
             : 0;
}
/// How many times there are panels, and of how many output channels each time.
constexpr std::int32_t panel_groups(const gemm_problem& g, const packed_gemm& h) noexcept {
  return h.share != 0 ? 1 : g.groups;
}
constexpr std::int32_t panel_group_out(const gemm_problem& g, const packed_gemm& h) noexcept {
  return h.share != 0 ? g.out_c : g.group_out();
}

/// How many panels `vectors` vectors make. To floats three at a time, of eight rows each: a product
/// reads less than where six rows meet four vectors, and 16 or 128 rows fill their tiles.
constexpr std::int32_t panels_of(const gemm_problem& g, const target_layout& t,
                                 std::int32_t vectors) noexcept {
  const bool by_three = g.rows != nullptr && t.max_vectors == 4 && vectors > 4;
  return (vectors - 1) / (by_three ? 3 : t.max_vectors) + 1;
}

/// Everything but the data.
OCTET_NOINLINE constexpr packed_gemm gemm_header(const gemm_problem& g, const target_layout& t,
                                                 const weight_form& w) noexcept {
  packed_gemm h{};
  const bool s16 = g.in_type == dtype::s16;
  const bool quads = !s16 && t.quad != 0;
  h.offset = quads && !w.fits ? w.offset : 0;
  h.kind = quads && (w.fits || h.offset != 0) ? product::quad
           : w.fits && every_form             ? product::pair8
                                              : product::pair16;
  h.element = h.kind == product::quad ? 1 : 2;
  const std::int32_t group = h.kind == product::quad ? 4 : 2;
  // A step is two products: of magnitudes up to 2^15 and 2^7, or 255 where weights have a zero
  // point. 255 * 2^24 and 128 * 2 * 255 * 2^15 are below 2^31. One step of words is in
  // [-2^31 + 2^16, 2^31].
  h.block_steps = !has_wide_sums(g)          ? 0
                  : has_word_weights(g)      ? 1
                  : h.kind == product::pair8 ? 255
                                             : 128;
  const bool whole_rows = g.dilation_w == 1 && g.groups == 1;
  h.segments = whole_rows ? g.kernel_h : g.kernel_h * g.kernel_w;
  h.segment_length = whole_rows ? g.kernel_w * g.in_c : g.group_in();
  h.steps = (h.segment_length + group - 1) / group;
  h.share = vectors_of_group(g, t, h.kind);
  const std::int32_t vectors = (panel_group_out(g, h) - 1) / t.lanes + 1;
  h.panels = panels_of(g, t, vectors);
  h.vectors = h.share == 0 ? vectors : h.panels * t.max_vectors;  // side by side: all of one width
  // A quad product wants bytes of one sign: u8 (VNNI) or s8 (Arm); the other sign is 128 away,
  // which the bias takes back.
  const bool other_sign = h.kind == product::quad && (t.quad == 1) == (g.in_type == dtype::s8);
  h.flip = other_sign ? 0x80808080u : 0;
  h.fill = h.kind == product::quad ? (other_sign ? g.in_zero_point ^ 0x80 : g.in_zero_point) & 0xFF
           : s16                   ? g.in_zero_point
                                   : 0;
  h.step_h = g.kernel_h == 1 ? 1 : g.stride_h;
  h.step_w = g.kernel_w == 1 ? 1 : g.stride_w;
  h.panel_offset = round_up(sizeof(packed_gemm), alignment);
  set_image(h, g);
  return h;
}

inline packed_gemm gemm_header(const gemm_problem& g, const target_layout& t) noexcept {
  return gemm_header(g, t, form_of(g));
}

constexpr std::size_t gemm_packed_bytes(const gemm_problem& g, const target_layout& t,
                                        const packed_gemm& h) noexcept {
  return panel_at(h, t, panel_groups(g, h), 0);
}
/// Scratch: where segments begin, row pointers (with a tile's worth of repeats), as many row sums,
/// zero points and scales where they are needed, the window.
constexpr std::size_t gemm_segment_bytes(const packed_gemm& h) noexcept {
  return round_up(as_size(h.segments) * sizeof(std::int64_t), alignment);
}
constexpr std::size_t gemm_pointer_bytes(const gemm_problem& g, const packed_gemm& h) noexcept {
  const std::size_t pixels =
      h.direct ? as_size(h.block_rows) : as_size(h.block_rows) * as_size(g.out_w);
  return round_up((pixels + 16) * sizeof(void*), alignment);
}
/// Of four bytes for each row.
constexpr std::size_t gemm_column_bytes(const gemm_problem& g, const packed_gemm& h) noexcept {
  return round_up(gemm_pointer_bytes(g, h) / sizeof(void*) * 4, alignment);
}
constexpr std::size_t gemm_sum_bytes(const gemm_problem& g, const packed_gemm& h) noexcept {
  return h.offset != 0 ? gemm_column_bytes(g, h) : 0;
}
constexpr std::size_t gemm_scale_bytes(const gemm_problem& g, const packed_gemm& h) noexcept {
  return g.rows != nullptr ? 2 * gemm_column_bytes(g, h) : 0;
}
constexpr std::size_t gemm_window_bytes(const gemm_problem& g, const packed_gemm& h) noexcept {
  const std::size_t window = !h.direct     ? as_size(h.window_h) * h.row_bytes + alignment
                             : h.flip == 0 ? 0
                                           : as_size(h.block_rows) * as_size(g.in_c) * h.element;
  return round_up(gemm_segment_bytes(h) + gemm_pointer_bytes(g, h) + gemm_sum_bytes(g, h) +
                      gemm_scale_bytes(g, h) + window,
                  alignment);
}
/// Weights that change from run to run are packed behind the window.
constexpr node_bytes gemm_bytes(const gemm_problem& g, const target_layout& t,
                                const packed_gemm& h) noexcept {
  const std::size_t packed = gemm_packed_bytes(g, t, h), window = gemm_window_bytes(g, h);
  return g.dynamic ? node_bytes{0, window + packed} : node_bytes{packed, window};
}
inline node_bytes gemm_bytes(const gemm_problem& g, const target_layout& t) noexcept {
  return gemm_bytes(g, t, gemm_header(g, t));
}
/// The problem as op_def::memory knows it, before weights tell how wide sums are: the kernel takes
/// int16 weights where sums are wide.
constexpr gemm_problem before_weights(gemm_problem g) noexcept {
  g.wide = g.wide || has_word_weights(g);
  return g;
}
/// The matrix kernel's memory for any weights of these types.
OCTET_COLD constexpr node_bytes gemm_memory(const gemm_problem& problem,
                                            const target_layout& t) noexcept {
  const gemm_problem g = before_weights(problem);
  if (!gemm_accepts(g)) return {};
  return largest_over_forms(g, [&](const weight_form& w) {
    const node_bytes b = gemm_bytes(g, t, gemm_header(g, t, w));
    return b.scratch <= most_scratch ? b : node_bytes{};
  });
}

/// Sums of the weights of an output channel.
struct column_sums {
  std::uint32_t sum = 0;  // modulo 2^32
  std::int64_t size = 0;  // of magnitudes
};
/// One vector of a panel: the output channel of each lane (below 0: none, its weights stay 0) and
/// the sums of its weights.
struct packed_lanes {
  static constexpr std::size_t most = 16;
  std::int32_t channel[most];
  column_sums total[most];
};
/// The weights, of type T, of the lanes of vector v to the panel at `w`. Lane by lane in the inner
/// loop: lines of the panel are written once, in order (a fifth of the time of column by column).
template <class T, class To>
OCTET_NOINLINE void pack_lanes(const gemm_problem& g, const packed_gemm& h, const target_layout& t,
                               std::int32_t nv, std::int32_t v, packed_lanes& lanes,
                               std::byte* w) noexcept {
  static constexpr T none{};
  const bool whole_rows = has_whole_rows(g, h);
  const std::int32_t taps = whole_rows ? g.kernel_w : 1,
                     run = whole_rows ? g.in_c : h.segment_length;
  const auto per_step = std::size_t{h.kind == product::quad ? 4u : 2u}, count = as_size(t.lanes),
             between = g.part.empty ? 0 : g.weight_ic;
  const bool split = t.split_pairs && per_step == 2;  // the halves of a lane lie `count` apart
  const std::int32_t offset = sizeof(To) == 1 ? h.offset : 0;
  std::int32_t zero[packed_lanes::most] = {};
  for (std::size_t l = 0; l < count; ++l)
    if (lanes.channel[l] >= 0 && !g.part.empty) zero[l] = g.zero_point_of(lanes.channel[l]);
  for (std::int32_t s = 0; s < h.segments; ++s) {
    std::size_t k = 0;
    for (std::int32_t tap = 0; tap < taps; ++tap) {
      const T* from[packed_lanes::most];
      for (std::size_t l = 0; l < count; ++l)
        if (const std::int32_t c = lanes.channel[l]; c >= 0)
          from[l] = g.part.empty
                        ? &none
                        : static_cast<const T*>(g.weights) + g.weight_index(c, s * taps + tap, 0);
      for (std::size_t i = 0; i < as_size(run);) {
        const std::size_t inside = k % per_step, left = as_size(run) - i,
                          n = per_step - inside < left ? per_step - inside : left,
                          step = as_size(s) * as_size(h.steps) + k / per_step;
        auto* const to =
            reinterpret_cast<To*>(w) + (step * as_size(nv) + as_size(v)) * count * per_step;
        const auto put = [&](auto constant_or_n) {
          for (std::size_t l = 0; l < count; ++l) {
            if (lanes.channel[l] < 0) continue;
            std::int32_t sum = 0, size = 0;
            for (std::size_t j = 0; j < constant_or_n; ++j) {
              const std::int32_t value = from[l][(i + j) * between] - zero[l];
              sum += value, size += value < 0 ? -value : value;
              to[split ? (inside + j) * count + l : l * per_step + inside + j] =
                  static_cast<To>(value - offset);
            }
            lanes.total[l].sum += static_cast<std::uint32_t>(sum), lanes.total[l].size += size;
          }
        };
        if (every_form && n == 4)
          put(std::integral_constant<std::size_t, 4>{});
        else
          put(n);
        i += n, k += n;
      }
    }
  }
}
template <class T>
void pack_lanes_of(const gemm_problem& g, const packed_gemm& h, const target_layout& t,
                   std::int32_t nv, std::int32_t v, packed_lanes& lanes, std::byte* w) noexcept {
  if (h.kind == product::pair16)
    pack_lanes<T, std::int16_t>(g, h, t, nv, v, lanes, w);
  else
    pack_lanes<T, std::int8_t>(g, h, t, nv, v, lanes, w);
}
inline void pack_vector(const gemm_problem& g, const packed_gemm& h, const target_layout& t,
                        std::int32_t nv, std::int32_t v, packed_lanes& lanes,
                        std::byte* w) noexcept {
  if (g.weight_type == dtype::u8)
    pack_lanes_of<std::uint8_t>(g, h, t, nv, v, lanes, w);
  else if (g.weight_type == dtype::s16)
    pack_lanes_of<std::int16_t>(g, h, t, nv, v, lanes, w);
  else
    pack_lanes_of<std::int8_t>(g, h, t, nv, v, lanes, w);
}
/// Panel i of group gr.
inline void pack_panel(const gemm_problem& g, const packed_gemm& h, const target_layout& t,
                       std::int32_t gr, std::int32_t i, std::byte* panel) noexcept {
  const std::int64_t blocks =
      h.block_steps == 0 ? 0
                         : (std::int64_t{h.segments} * h.steps + h.block_steps - 1) / h.block_steps;
  const std::int32_t zero = h.kind == product::quad
                                ? (t.quad == 1 ? h.fill : static_cast<std::int8_t>(h.fill))
                                : h.fill;  // zero point as the product sees it
  const std::int32_t nv = panel_vectors(h.vectors, h.panels, i),
                     local_first = first_vector(h.vectors, h.panels, i) * t.lanes;
  const std::int32_t columns = panel_group_out(g, h), first = gr * columns + local_first,
                     left = columns - local_first,
                     valid = left < nv * t.lanes ? left : nv * t.lanes;
  std::byte* arrays = panel + alignment;
  auto& kind = *reinterpret_cast<epilogue_kind*>(panel);
  kind = fill_panel(*g.requant, g.out_type, nv, t.lanes, {first, valid}, arrays);
  if (g.rows != nullptr) kind = epilogue_kind::floats;
  auto* bias = reinterpret_cast<std::uint32_t*>(arrays);
  std::byte* w = arrays + round_up(as_size(nv * t.lanes) * 4 * panel_arrays, alignment);
  for (std::int32_t v = 0; v < nv; ++v) {
    packed_lanes lanes{};
    for (std::int32_t l = 0; l < t.lanes; ++l) {
      // Floats are stored vector by vector, not four vectors as one of bytes.
      const std::int32_t local = g.rows != nullptr ? v * t.lanes + l : channel_in_panel(nv, v, l);
      lanes.channel[l] = local < valid ? first + local : -1;
    }
    pack_vector(g, h, t, nv, v, lanes, w);
    for (std::int32_t l = 0; l < t.lanes; ++l) {
      const std::int32_t c = lanes.channel[l];
      if (c < 0) continue;
      const column_sums& total = lanes.total[l];
      bias[v * t.lanes + l] =
          static_cast<std::uint32_t>(g.bias(c)) - static_cast<std::uint32_t>(zero) * total.sum;
      limit_kind(kind, g, c, total.size);
      if (g.rows != nullptr)
        fill_scaled_column(*g.rows, as_size(nv * t.lanes), as_size(v * t.lanes + l), c, total.sum,
                           arrays);
      if (h.block_steps != 0)
        add_to_sum(*g.requant, nv, t.lanes, v * t.lanes + l, arrays,
                   g.wide_bias(c) - std::int64_t{zero} * static_cast<std::int32_t>(total.sum) -
                       blocks * block_start);
    }
  }
}
inline void gemm_pack(const gemm_problem& g, const target_layout& t, std::byte* to) noexcept {
  const packed_gemm h = gemm_header(g, t);
  std::memset(to, 0, gemm_packed_bytes(g, t, h));
  std::memcpy(to, &h, sizeof(h));
  for (std::int32_t gr = 0; gr < panel_groups(g, h); ++gr)
    for (std::int32_t i = 0; i < h.panels; ++i)
      pack_panel(g, h, t, gr, i, to + panel_at(h, t, gr, i));
}

// ---- transposed convolutions by phases ----
//
// With stride s, output rows r, r + s, r + 2s, ... are reached by the same taps, those s apart, and
// read neighbouring input rows: a plain convolution of its own. No zero between input pixels is
// multiplied.

/// Phases of one axis that are worth a packing of their own.
inline constexpr std::int32_t most_phases = 16;

struct phase_axis {
  std::int32_t tap, taps, pad, out;  // first tap, how many, the padding before, output extent
};
constexpr phase_axis phase_of_axis(std::int32_t r, std::int32_t stride, std::int32_t kernel,
                                   std::int32_t pad, std::int32_t out) noexcept {
  const std::int32_t tap = ((pad - r) % stride + stride) % stride;
  return {tap, tap < kernel ? (kernel - tap + stride - 1) / stride : 0, (pad - r - tap) / stride,
          r < out ? (out - r + stride - 1) / stride : 0};
}
/// Phase (r, c) of g, which has_phases; out_h or out_w of 0: there is none.
constexpr gemm_problem phase_of(const gemm_problem& g, std::int32_t r, std::int32_t c) noexcept {
  const phase_axis h = phase_of_axis(r, g.insert_h, g.kernel_h, g.pad_top, g.out_h),
                   w = phase_of_axis(c, g.insert_w, g.kernel_w, g.pad_left, g.out_w);
  gemm_problem p = g;
  p.part = {true,       h.taps == 0 || w.taps == 0,
            r,          c,
            g.insert_h, g.insert_w,
            h.tap,      w.tap,
            g.kernel_h, g.kernel_w,
            g.out_h,    g.out_w};
  p.kernel_h = p.part.empty ? 1 : h.taps, p.kernel_w = p.part.empty ? 1 : w.taps;
  p.pad_top = p.part.empty ? 0 : h.pad, p.pad_left = p.part.empty ? 0 : w.pad;
  p.out_h = h.out, p.out_w = w.out;
  p.insert_h = p.insert_w = 1;
  if (g.fits == weight_fit::no) p.fits = weight_fit::unknown;  // its own taps may
  return p;
}
constexpr bool has_phases(const gemm_problem& g) noexcept {
  if (g.insert_h == 1 && g.insert_w == 1) return false;
  if (g.dilation_h != 1 || g.dilation_w != 1 || g.stride_h != 1 || g.stride_w != 1 ||
      std::int64_t{g.insert_h} * g.insert_w > most_phases)
    return false;
  // A window that begins behind the image's last column has no place for it.
  for (std::int32_t c = 0; c < g.insert_w; ++c)
    if (phase_of_axis(c, g.insert_w, g.kernel_w, g.pad_left, g.out_w).pad < -g.in_w) return false;
  return true;
}
/// f(problem) of every phase that there is; of g itself where it has none.
template <class F> constexpr void each_phase(const gemm_problem& g, F&& f) {
  if (!has_phases(g)) return f(g);
  for (std::int32_t r = 0; r < g.insert_h; ++r)
    for (std::int32_t c = 0; c < g.insert_w; ++c)
      if (const gemm_problem p = phase_of(g, r, c); p.out_h > 0 && p.out_w > 0) f(p);
}
/// Which phases there are, a bit each: their packings do not depend on the image otherwise.
constexpr std::uint64_t phases_of(const gemm_problem& g) noexcept {
  if (!has_phases(g)) return 0;
  std::uint64_t set = 0;
  for (std::int32_t r = 0; r < g.insert_h; ++r)
    for (std::int32_t c = 0; c < g.insert_w; ++c)
      if (const gemm_problem p = phase_of(g, r, c); p.out_h > 0 && p.out_w > 0)
        set |= std::uint64_t{1} << (r * g.insert_w + c);
  return set;
}
/// Before the packed phases: where each begins.
inline constexpr std::size_t phase_table_bytes =
    round_up(std::size_t{most_phases} * sizeof(std::uint64_t), alignment);

template <class Bytes>
constexpr node_bytes phases_bytes(const gemm_problem& g, Bytes&& bytes_of_phase) noexcept {
  node_bytes all{phase_table_bytes, 0};
  each_phase(g, [&](const gemm_problem& p) {
    const node_bytes b = bytes_of_phase(p);
    all.packed += round_up(b.packed, alignment);
    if (b.scratch > all.scratch) all.scratch = b.scratch;
  });
  return all;
}
/// The kernel's memory for any weights of these types.
constexpr node_bytes transpose_conv2d_memory(const gemm_problem& g,
                                             const target_layout& t) noexcept {
  if (!gemm_accepts(before_weights(g))) return {};
  return phases_bytes(g, [&](const gemm_problem& p) { return gemm_memory(p, t); });
}
inline node_bytes transpose_conv2d_bytes(const gemm_problem& g, const target_layout& t) noexcept {
  return phases_bytes(g, [&](const gemm_problem& p) { return gemm_bytes(p, t); });
}
inline void transpose_conv2d_pack(const gemm_problem& g, const target_layout& t,
                                  std::byte* to) noexcept {
  std::uint64_t begins[most_phases] = {};
  std::size_t at = phase_table_bytes, i = 0;
  each_phase(g, [&](const gemm_problem& p) {
    begins[i++] = at;
    gemm_pack(p, t, to + at);
    at += round_up(gemm_bytes(p, t).packed, alignment);
  });
  std::memcpy(to, begins, sizeof(begins));
}

}  // namespace kernels
OCTET_NAMESPACE_END

#endif  // OCTET_KERNELS_GEMM_HPP_
