// What stands behind pose networks (PersonLab, of which PoseNet and BodyPix are made): people found
// in a heat map of keypoints and fields of offsets, and which of them each pixel belongs to.
#ifndef OCTET_OPS_POSE_HPP_
#define OCTET_OPS_POSE_HPP_

#include <algorithm>

#include "octet/numerics/math.hpp"
#include "octet/numerics/selection.hpp"
#include "octet/numerics/vector_math.hpp"
#include "octet/ops/work.hpp"

OCTET_NAMESPACE_BEGIN

/// Keypoints of a person (nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles: left
/// before right) and the lines between them, a tree.
inline constexpr std::int32_t pose_keypoints = 17, pose_edges = 16;

namespace reference {
struct pose_edge {
  std::uint8_t from, to;
};
/// From the nose outwards.
inline constexpr pose_edge pose_tree[pose_edges] = {
    {0, 1},   {1, 3},   {0, 2}, {2, 4}, {0, 5},  {5, 7},  {7, 9},   {5, 11},
    {11, 13}, {13, 15}, {0, 6}, {6, 8}, {8, 10}, {6, 12}, {12, 14}, {14, 16}};
struct pose_point {
  float y, x;
};
/// A tensor [1, H, W, channels] of float32 or of uint8 codes; its values are in units of the
/// field's cells: (code - zero point) * scale or number * scale, once rounded.
struct pose_field {
  float scale = 1, zero_point = 0;
  bool coded = false;
};
struct pose_values {
  const float* numbers = nullptr;
  const std::uint8_t* codes = nullptr;
  pose_field field{};
  std::size_t height = 0, width = 0, channels = 0;

  constexpr float operator[](std::size_t i) const noexcept {
    const float v =
        codes ? numerics::sub(static_cast<float>(codes[i]), field.zero_point) : numbers[i];
    return numerics::mul(v, field.scale);
  }
};
inline pose_values values_of(const pose_field& f, const void* data, std::size_t h, std::size_t w,
                             std::int32_t channels) noexcept {
  return {f.coded ? nullptr : static_cast<const float*>(data),
          f.coded ? static_cast<const std::uint8_t*>(data) : nullptr,
          f,
          h,
          w,
          as_size(channels)};
}
/// A coordinate among n cells; NaN stays.
constexpr float inside(float v, std::size_t n) noexcept {
  const float last = numerics::sub(static_cast<float>(n), 1.f);
  return v < 0.f ? 0.f : last < v ? last : v;
}
/// The cells beside a coordinate, and how far from the first it is. NaN stands at the first cell:
/// its distance, and with it the result, is NaN.
struct pose_place {
  std::size_t low = 0, high = 0;
  float part = 0;
};
constexpr pose_place place_of(float v, std::size_t n) noexcept {
  const float in = inside(v, n);
  const auto low =
      static_cast<std::size_t>(numerics::is_nan(in) ? 0 : static_cast<std::int32_t>(in));
  const auto whole = static_cast<float>(low);
  return {low, low + (in > whole ? 1 : 0), numerics::sub(v, whole)};
}
/// The four cells around a point: elements of their first channels.
struct pose_cells {
  std::size_t corner[4]{};
  float y = 0, x = 0;  // how far from the first of them
};
constexpr pose_cells cells_at(const pose_values& f, pose_point at) noexcept {
  const pose_place y = place_of(at.y, f.height), x = place_of(at.x, f.width);
  const auto cell = [&](std::size_t r, std::size_t c) { return (r * f.width + c) * f.channels; };
  return {{cell(y.low, x.low), cell(y.low, x.high), cell(y.high, x.low), cell(y.high, x.high)},
          y.part,
          x.part};
}
/// A channel between these cells.
constexpr float sample(const pose_values& f, const pose_cells& at, std::size_t channel) noexcept {
  using numerics::add, numerics::mul, numerics::sub;
  const auto row = [&](std::size_t i) {
    return add(mul(sub(1.f, at.x), f[at.corner[i] + channel]),
               mul(at.x, f[at.corner[i + 1] + channel]));
  };
  return add(mul(sub(1.f, at.y), row(0)), mul(at.y, row(2)));
}
/// The point that the offsets there lead to.
constexpr pose_point moved(const pose_values& f, pose_point at, std::size_t y_channel,
                           std::size_t x_channel) noexcept {
  const pose_cells cells = cells_at(f, at);
  const float dy = sample(f, cells, y_channel), dx = sample(f, cells, x_channel);
  return {inside(numerics::add(at.y, dy), f.height), inside(numerics::add(at.x, dx), f.width)};
}
constexpr float squared_distance(pose_point a, pose_point b) noexcept {
  const float dy = numerics::sub(b.y, a.y), dx = numerics::sub(b.x, a.x);
  return numerics::add(numerics::mul(dy, dy), numerics::mul(dx, dx));
}
}  // namespace reference

// ---- pose_decode ----

struct pose_decode_attrs {
  std::int32_t most = 0;         // people
  std::int32_t stride = 0;       // pixels of a cell
  double score = 0, radius = 0;  // a person's least score; pixels in which there is one keypoint
  static constexpr auto fields = field_list{
      field{"most", &pose_decode_attrs::most}, field{"stride", &pose_decode_attrs::stride},
      field{"score", &pose_decode_attrs::score}, field{"radius", &pose_decode_attrs::radius}};
};
/// Inputs, float32 or uint8 each: heat map [1, H, W, 17] of log odds; offsets in pixels from each
/// cell to the keypoint near it [1, H, W, 34] {y of all, x of all}; offsets along the lines between
/// keypoints [1, H, W, 64] {y, x outwards, y, x inwards, 16 each}. Outputs, float32: keypoints
/// [1, most, 17, 2] {y, x} in pixels, their scores [1, most, 17], the people's scores [1, most],
/// best first, and how many there are [1]; what is behind them is 0.
///
/// Cells whose value is at least the log odds of `score`, and the highest among their neighbours',
/// are where people begin, the highest first (equal ones as the framework's heap gives them), if no
/// one found before has this keypoint within `radius`. From there all keypoints are found along the
/// lines. A person's score is the mean of those of the keypoints that no better one has within
/// `radius`.
struct pose_decode_params {
  std::size_t height = 0, width = 0, most = 0, room = 0;  // room: people there may be
  reference::pose_field heat, near, lines;
  float log_odds = 0, score = 0, squared_radius = 0, stride = 1;
};
namespace reference {
/// Where a person may begin.
struct pose_root {
  pose_point at;
  float score;
  std::int32_t keypoint;
};
constexpr bool comes_later(const pose_root& a, const pose_root& b) noexcept {
  return a.score < b.score;
}
struct pose_found {
  pose_point at[pose_keypoints];
  float scores[pose_keypoints];
  float score;
};
struct pose_rank {
  float score;
  std::int32_t index;
};
constexpr bool has_higher_score(const pose_rank& a, const pose_rank& b) noexcept {
  return a.score > b.score;
}
/// The three inputs and what is said of them.
struct pose_inputs {
  const pose_decode_params& p;
  pose_values heat, near, lines;
};
/// No neighbour has a higher value of this keypoint.
constexpr bool is_peak(const pose_values& heat, std::size_t y, std::size_t x, std::size_t keypoint,
                       float score) noexcept {
  for (std::size_t r = y - (y > 0); r < std::min(y + 2, heat.height); ++r)
    for (std::size_t c = x - (x > 0); c < std::min(x + 2, heat.width); ++c)
      if (heat[(r * heat.width + c) * heat.channels + keypoint] > score) return false;
  return true;
}
/// The peaks as a heap; how many there are.
constexpr std::size_t find_roots(const pose_inputs& in, pose_root* roots) noexcept {
  numerics::selection heap(roots, &comes_later);
  const pose_values& heat = in.heat;
  std::size_t n = 0, cell = 0;
  for (std::size_t y = 0; y < heat.height; ++y)
    for (std::size_t x = 0; x < heat.width; ++x, ++cell)
      for (std::size_t k = 0; k < heat.channels; ++k) {
        const float score = heat[cell * heat.channels + k];
        if (!(score >= in.p.log_odds) || !is_peak(heat, y, x, k, score)) continue;
        const float dy = in.near[cell * in.near.channels + k],
                    dx = in.near[cell * in.near.channels + k + heat.channels];
        roots[n++] = {{inside(numerics::add(static_cast<float>(y), dy), heat.height),
                       inside(numerics::add(static_cast<float>(x), dx), heat.width)},
                      score,
                      static_cast<std::int32_t>(k)};
        heap.push(n);
      }
  return n;
}
/// Along line `edge` (from 16 on inwards) to a keypoint, then five times to what is near there.
constexpr pose_point follow(const pose_inputs& in, pose_point from, std::size_t edge,
                            std::size_t to) noexcept {
  constexpr std::size_t edges = pose_edges;
  const std::size_t first = edge < edges ? edge : edge + edges;  // of y; those of x follow
  pose_point at = moved(in.lines, from, first, first + edges);
  for (int step = 0; step < 5; ++step) at = moved(in.near, at, to, to + in.heat.channels);
  return at;
}
/// All keypoints of the person that begins there. The lines are a tree: each keypoint is reached
/// from one other alone, so that the order in which they are does not matter.
constexpr void find_keypoints(const pose_inputs& in, const pose_root& root,
                              pose_found& to) noexcept {
  bool known[pose_keypoints]{};
  std::size_t open[pose_keypoints]{}, n = 0;
  const auto put = [&](std::size_t k, pose_point at) {
    known[k] = true;
    open[n++] = k;
    to.at[k] = at, to.scores[k] = sample(in.heat, cells_at(in.heat, at), k);
  };
  put(as_size(root.keypoint), root.at);
  while (n > 0) {
    const std::size_t k = open[--n];
    for (std::size_t e = 0; e < 2 * as_size(pose_edges); ++e) {
      const bool inwards = e >= as_size(pose_edges);
      const pose_edge line = pose_tree[inwards ? e - as_size(pose_edges) : e];
      const std::size_t from = inwards ? line.to : line.from, next = inwards ? line.from : line.to;
      if (from == k && !known[next]) put(next, follow(in, to.at[k], e, next));
    }
  }
}
/// Keypoints by falling score. Equal ones add equal numbers: their order does not matter. NaN
/// stands anywhere: no sum with it is a score.
constexpr void rank_keypoints(const float* scores, std::size_t* order) noexcept {
  for (std::size_t i = 0; i < as_size(pose_keypoints); ++i) {
    std::size_t at = i;
    for (; at > 0 && scores[order[at - 1]] < scores[i]; --at) order[at] = order[at - 1];
    order[at] = i;
  }
}
/// The mean score of the keypoints that are not hidden, which count as 0.
constexpr float score_of(const pose_found& f, const bool* hidden) noexcept {
  std::size_t order[pose_keypoints]{};
  rank_keypoints(f.scores, order);
  float sum = 0;
  for (const std::size_t k : order)
    if (!hidden[k]) sum = numerics::add(sum, f.scores[k]);
  return numerics::div(sum, static_cast<float>(pose_keypoints));
}
/// The people, in the order in which they are found.
constexpr std::size_t find_people(const pose_inputs& in, pose_root* roots,
                                  pose_found* found) noexcept {
  numerics::selection heap(roots, &comes_later);
  constexpr bool none_hidden[pose_keypoints]{};
  std::size_t still = find_roots(in, roots), n = 0;
  while (n < in.p.room && still > 0) {
    heap.pop(still);
    const pose_root root = roots[--still];
    bool taken = false;
    for (std::size_t i = 0; i < n && !taken; ++i)
      taken = squared_distance(root.at, found[i].at[root.keypoint]) <= in.p.squared_radius;
    if (taken) continue;
    pose_found& next = found[n];
    find_keypoints(in, root, next);
    for (float& s : next.scores)
      s = numerics::div(1.f, numerics::add(1.f, numerics::exp_c_library(-s)));
    next.score = score_of(next, none_hidden);
    if (next.score >= in.p.score) ++n;
  }
  return n;
}
constexpr void rank_people(const pose_found* found, std::size_t n, pose_rank* to) noexcept {
  for (std::size_t i = 0; i < n; ++i) to[i] = {found[i].score, static_cast<std::int32_t>(i)};
  numerics::selection(to, &has_higher_score).sort(n);
}
/// Keypoints that a better person has as well no longer count.
constexpr void lower_scores(const pose_decode_params& p, pose_found* found, std::size_t n,
                            const pose_rank* rank) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    pose_found& f = found[rank[i].index];
    bool hidden[pose_keypoints]{};
    for (std::size_t j = 0; j < i; ++j)
      for (std::size_t k = 0; k < as_size(pose_keypoints); ++k)
        if (squared_distance(f.at[k], found[rank[j].index].at[k]) <= p.squared_radius)
          hidden[k] = true;
    f.score = score_of(f, hidden);
  }
}
/// `found` and `rank` have room for p.room people, `roots` for all elements of the heat map.
constexpr void pose_decode(const pose_inputs& in, float* points, float* scores, float* people,
                           float* count, pose_root* roots, pose_found* found,
                           pose_rank* rank) noexcept {
  const pose_decode_params& p = in.p;
  constexpr std::size_t keypoints = pose_keypoints;
  std::fill_n(points, 2 * keypoints * p.most, 0.f);
  std::fill_n(scores, keypoints * p.most, 0.f), std::fill_n(people, p.most, 0.f);
  const std::size_t n = find_people(in, roots, found);
  rank_people(found, n, rank);
  lower_scores(p, found, n, rank);
  rank_people(found, n, rank);
  std::size_t given = 0;
  for (; given < n && !(rank[given].score < p.score); ++given) {
    const pose_found& f = found[rank[given].index];
    for (std::size_t k = 0; k < keypoints; ++k) {
      points[2 * (given * keypoints + k)] = numerics::mul(f.at[k].y, p.stride);
      points[2 * (given * keypoints + k) + 1] = numerics::mul(f.at[k].x, p.stride);
    }
    std::copy_n(f.scores, keypoints, scores + given * keypoints);
    people[given] = f.score;
  }
  *count = static_cast<float>(given);
}
inline void pose_decode_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const pose_decode_params*>(a.params);
  const pose_inputs in{p, values_of(p.heat, a.in[0], p.height, p.width, pose_keypoints),
                       values_of(p.near, a.in[1], p.height, p.width, 2 * pose_keypoints),
                       values_of(p.lines, a.in[2], p.height, p.width, 4 * pose_edges)};
  auto* const roots = static_cast<pose_root*>(a.scratch);
  auto* const found =
      reinterpret_cast<pose_found*>(roots + p.height * p.width * as_size(pose_keypoints));
  pose_decode(in, static_cast<float*>(a.out[0]), static_cast<float*>(a.out[1]),
              static_cast<float*>(a.out[2]), static_cast<float*>(a.out[3]), roots, found,
              reinterpret_cast<pose_rank*>(found + p.room));
}
}  // namespace reference
namespace ops {
/// Extents up to which binary32 tells a field's cells apart.
inline constexpr std::int32_t pose_most_cells = 1 << 24;

constexpr violation pose_field_rule(const dims& x, std::int32_t channels) {
  if (x.rank != 4) return {rule::rank, dims{1, 0, 0, channels}, x};
  if (x[0] != 1 || x[3] != channels) return {rule::shapes_differ, dims{1, x[1], x[2], channels}, x};
  if (x[1] > pose_most_cells || x[2] > pose_most_cells)
    return {rule::value, dims{pose_most_cells, pose_most_cells}, dims{x[1], x[2]}};
  return {};
}
/// An input's values in cells of `stride` pixels.
inline result<reference::pose_field> pose_field_of(const tensor_desc& x, std::int32_t stride) {
  reference::pose_field f;
  f.scale = static_cast<float>(1. / stride);
  if (x.type == dtype::f32) return f;
  if (x.per_channel())
    return unsupported("quantization of a field of poses", "per channel", "one scale per tensor");
  f.coded = true;
  f.zero_point = static_cast<float>(x.zero_point());
  f.scale = numerics::mul(x.scale_f32(), f.scale);
  return f;
}
constexpr std::size_t pose_elements(const dims& heat) {
  return as_size(heat[1]) * as_size(heat[2]) * as_size(heat[3]);
}
/// No more people than places where they begin.
constexpr std::size_t pose_room(const dims& heat, std::int32_t most) {
  return std::min(pose_elements(heat), as_size(std::max(most, 0)));
}

constexpr status pose_decode_op_shape(const node_view& n, std::span<dims> out) {
  const dims& heat = n.in[0].shape;
  const std::int32_t channels[] = {pose_keypoints, 2 * pose_keypoints, 4 * pose_edges};
  for (std::size_t i = 0; i < 3; ++i) {
    const dims& x = n.in[i].shape;
    if (const violation v = pose_field_rule(x, channels[i]); v) return v;
    if (x[1] != heat[1] || x[2] != heat[2])
      return violation{rule::shapes_differ, dims{1, heat[1], heat[2], channels[i]}, x};
  }
  const auto a = read_attributes<pose_decode_attrs>(*n.attrs);
  if (a.most < 0 || a.most > INT32_MAX / (2 * pose_keypoints))
    return violation{rule::value, dims{INT32_MAX / (2 * pose_keypoints)}, dims{a.most}};
  if (a.stride < 1) return violation{rule::stride, dims{1}, dims{a.stride}};
  out[0] = dims{1, a.most, pose_keypoints, 2}, out[1] = dims{1, a.most, pose_keypoints};
  out[2] = dims{1, a.most}, out[3] = dims{1};
  return unit{};
}
constexpr void pose_decode_memory(const node_view& n, node_memory& to) {
  to.make<pose_decode_params>();
  const dims& heat = n.in[0].shape;
  const auto a = read_attributes<pose_decode_attrs>(*n.attrs);
  to.reference_scratch = sizeof(reference::pose_root) * pose_elements(heat);
  to.reference_scratch +=
      (sizeof(reference::pose_found) + sizeof(reference::pose_rank)) * pose_room(heat, a.most);
}
inline status pose_decode_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<pose_decode_attrs>(*n.attrs);
  auto& p = to.make<pose_decode_params>(&reference::pose_decode_kernel);
  const dims& heat = n.in[0].shape;
  p.height = as_size(heat[1]), p.width = as_size(heat[2]);
  p.most = as_size(a.most), p.room = pose_room(heat, a.most);
  reference::pose_field* const fields[] = {&p.heat, &p.near, &p.lines};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto f = pose_field_of(n.in[i], i == 0 ? 1 : a.stride);
    if (!f) return f.error();
    *fields[i] = *f;
  }
  p.score = static_cast<float>(a.score);
  const double odds =
      numerics::sub(numerics::div(1., numerics::add(static_cast<double>(p.score), 1e-6)), 1.);
  p.log_odds = -static_cast<float>(numerics::log(odds));
  p.stride = static_cast<float>(a.stride);
  const float radius = numerics::div(static_cast<float>(a.radius), p.stride);
  p.squared_radius = numerics::mul(radius, radius);
  return unit{};
}
inline constexpr form pose_decode_forms[] = {
    {.in = {dtype::f32, dtype::f32, dtype::f32},
     .out = {dtype::f32, dtype::f32, dtype::f32, dtype::f32}},
    {.in = {dtype::u8, dtype::u8, dtype::u8},
     .out = {dtype::f32, dtype::f32, dtype::f32, dtype::f32}},
    {.in = {dtype::u8, dtype::f32, dtype::f32},
     .out = {dtype::f32, dtype::f32, dtype::f32, dtype::f32}},
    {.in = {dtype::u8, dtype::u8, dtype::f32},
     .out = {dtype::f32, dtype::f32, dtype::f32, dtype::f32}},
    {.in = {dtype::u8, dtype::f32, dtype::u8},
     .out = {dtype::f32, dtype::f32, dtype::f32, dtype::f32}},
    {.in = {dtype::f32, dtype::u8, dtype::u8},
     .out = {dtype::f32, dtype::f32, dtype::f32, dtype::f32}},
    {.in = {dtype::f32, dtype::u8, dtype::f32},
     .out = {dtype::f32, dtype::f32, dtype::f32, dtype::f32}},
    {.in = {dtype::f32, dtype::f32, dtype::u8},
     .out = {dtype::f32, dtype::f32, dtype::f32, dtype::f32}},
};
/// At most, as if every element of the heat map began a person: nine values for the peak, a look at
/// each person found, and 16 lines of 6 steps to two channels of four cells.
constexpr double pose_decode_steps(const node_view& n) {
  const auto a = read_attributes<pose_decode_attrs>(*n.attrs);
  const double roots = elements_in(n, 0), people = std::min<double>(std::max(a.most, 0), roots);
  return roots * (9 + people + 16 * 6 * 8) + people * people * pose_keypoints;
}
inline constexpr op_def pose_decode{
    .name = "pose_decode",
    .summary = "people in a heat map of keypoints",
    .min_inputs = 3,
    .max_inputs = 3,
    .outputs = 4,
    .forms = pose_decode_forms,
    .scaled = {0, 1, 2},
    .attributes = keys_of<pose_decode_attrs>,
    .shape = &pose_decode_op_shape,
    .memory = &pose_decode_memory,
    .prepare = &pose_decode_prepare,
    .steps = &pose_decode_steps,
};
}  // namespace ops

// ---- pose_masks ----

struct pose_masks_attrs {
  std::int32_t stride = 0;  // pixels of a cell
  static constexpr auto fields = field_list{field{"stride", &pose_masks_attrs::stride}};
};
/// Inputs: offsets in pixels from each cell to the keypoints of the person it belongs to
/// [1, H, W, 34] {y of all, x of all}, float32 or uint8; keypoints [1, most, 17, 2] and their
/// people's number [1], as pose_decode gives them, most >= 1. Output: float32 [1, most, H, W], 1
/// where the cell belongs to the person whose keypoints are nearest to where its offsets lead (the
/// first of equally near ones), else 0. As in the framework all cells are the first one's where
/// there is no one.
struct pose_masks_params {
  std::size_t height = 0, width = 0, most = 0;
  reference::pose_field offsets;
  float stride = 1;
};
namespace reference {
/// Where the offsets of a cell lead for one keypoint, in pixels: three steps.
constexpr pose_point person_point(const pose_values& offsets, pose_point at, std::size_t keypoint,
                                  float stride) noexcept {
  for (int step = 0; step < 3; ++step)
    at = moved(offsets, at, keypoint, keypoint + as_size(pose_keypoints));
  return {numerics::mul(at.y, stride), numerics::mul(at.x, stride)};
}
constexpr void pose_masks(const pose_masks_params& p, const pose_values& offsets,
                          const float* points, float count, float* masks) noexcept {
  constexpr std::size_t keypoints = pose_keypoints;
  const std::size_t cells = p.height * p.width;
  std::fill_n(masks, p.most * cells, 0.f);
  const auto most = static_cast<float>(p.most);
  const std::size_t n = count > 0 ? static_cast<std::size_t>(std::min(count, most)) : 0;
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const pose_point from{static_cast<float>(cell / p.width), static_cast<float>(cell % p.width)};
    pose_point to[keypoints]{};
    for (std::size_t k = 0; k < keypoints; ++k) to[k] = person_point(offsets, from, k, p.stride);
    std::size_t nearest = 0;
    float least = 0;
    for (std::size_t i = 0; i < n; ++i) {
      float distance = 0;
      for (std::size_t k = 0; k < keypoints; ++k) {
        const float* const at = points + 2 * (i * keypoints + k);
        distance = numerics::add(distance, squared_distance(to[k], {at[0], at[1]}));
      }
      if (i == 0 || distance < least) nearest = i, least = distance;
    }
    masks[nearest * cells + cell] = 1.f;
  }
}
inline void pose_masks_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const pose_masks_params*>(a.params);
  pose_masks(p, values_of(p.offsets, a.in[0], p.height, p.width, 2 * pose_keypoints),
             static_cast<const float*>(a.in[1]), *static_cast<const float*>(a.in[2]),
             static_cast<float*>(a.out[0]));
}
}  // namespace reference
namespace ops {
constexpr status pose_masks_op_shape(const node_view& n, std::span<dims> out) {
  const dims &x = n.in[0].shape, &points = n.in[1].shape, &count = n.in[2].shape;
  if (const violation v = pose_field_rule(x, 2 * pose_keypoints); v) return v;
  if (points.rank != 4) return violation{rule::rank, dims{1, 1, pose_keypoints, 2}, points};
  const std::int32_t most = points[1];
  if (!(points == dims{1, most, pose_keypoints, 2}))
    return violation{rule::shapes_differ, dims{1, most, pose_keypoints, 2}, points};
  if (most < 1) return violation{rule::value, dims{1}, dims{most}};
  if (!(count == dims{1})) return violation{rule::shapes_differ, dims{1}, count};
  const auto a = read_attributes<pose_masks_attrs>(*n.attrs);
  if (a.stride < 1) return violation{rule::stride, dims{1}, dims{a.stride}};
  out[0] = dims{1, most, x[1], x[2]};
  return unit{};
}
constexpr void pose_masks_memory(const node_view&, node_memory& to) {
  to.make<pose_masks_params>();
}
inline status pose_masks_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<pose_masks_attrs>(*n.attrs);
  auto& p = to.make<pose_masks_params>(&reference::pose_masks_kernel);
  const dims& x = n.in[0].shape;
  p.height = as_size(x[1]), p.width = as_size(x[2]), p.most = as_size(n.in[1].shape[1]);
  const auto f = pose_field_of(n.in[0], a.stride);
  if (!f) return f.error();
  p.offsets = *f;
  p.stride = static_cast<float>(a.stride);
  return unit{};
}
inline constexpr form pose_masks_forms[] = {
    {.in = {dtype::f32, dtype::f32, dtype::f32}, .out = {dtype::f32}},
    {.in = {dtype::u8, dtype::f32, dtype::f32}, .out = {dtype::f32}},
};
/// Each cell: three steps to two channels of four cells for each keypoint, then the people's.
constexpr double pose_masks_steps(const node_view& n) {
  return elements_in(n, 0) / 2 * (3 * 8 + extent_in(n, 1, 1));
}
inline constexpr op_def pose_masks{
    .name = "pose_masks",
    .summary = "which of the people each cell belongs to",
    .min_inputs = 3,
    .max_inputs = 3,
    .outputs = 1,
    .forms = pose_masks_forms,
    .scaled = {0},
    .attributes = keys_of<pose_masks_attrs>,
    .shape = &pose_masks_op_shape,
    .memory = &pose_masks_memory,
    .prepare = &pose_masks_prepare,
    .steps = &pose_masks_steps,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_POSE_HPP_
