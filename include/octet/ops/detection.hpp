// What stands behind detection networks: non_max_suppression and detection_postprocess, on float32
// boxes and scores.
#ifndef OCTET_OPS_DETECTION_HPP_
#define OCTET_OPS_DETECTION_HPP_

#include <algorithm>

#include "octet/numerics/math.hpp"
#include "octet/numerics/selection.hpp"
#include "octet/numerics/vector_math.hpp"
#include "octet/ops/work.hpp"

OCTET_NAMESPACE_BEGIN

namespace reference {
/// Boxes are two corners {y, x, y, x}. One rounding a step, as the frameworks compute it; a box
/// without area overlaps nothing, itself neither.
struct box {
  float y0, x0, y1, x1;
};
constexpr float smaller(float a, float b) noexcept { return b < a ? b : a; }
constexpr float larger(float a, float b) noexcept { return b > a ? b : a; }
constexpr float area_of(const box& b) noexcept {
  return numerics::mul(numerics::sub(b.y1, b.y0), numerics::sub(b.x1, b.x0));
}
/// The area that two boxes share over the area that they cover.
constexpr float overlap(const box& a, const box& b) noexcept {
  const float area_a = area_of(a), area_b = area_of(b);
  if (area_a <= 0 || area_b <= 0) return 0.f;
  const float h = larger(numerics::sub(smaller(a.y1, b.y1), larger(a.y0, b.y0)), 0.f),
              w = larger(numerics::sub(smaller(a.x1, b.x1), larger(a.x0, b.x0)), 0.f),
              shared = numerics::mul(h, w);
  return numerics::div(shared, numerics::sub(numerics::add(area_a, area_b), shared));
}
/// The first corner is the one with the smaller coordinates.
constexpr box ordered(const float* b) noexcept {
  return {smaller(b[0], b[2]), smaller(b[1], b[3]), larger(b[0], b[2]), larger(b[1], b[3])};
}
}  // namespace reference

// ---- non_max_suppression ----

struct non_max_suppression_attrs {
  std::int32_t most = 0;          // boxes to choose
  double overlap = 0, score = 0;  // thresholds: of the overlap (from it on), of the score (above)
  double sigma = 0;               // > 0: overlapping boxes lose score instead
  static constexpr auto fields = field_list{field{"most", &non_max_suppression_attrs::most},
                                            field{"overlap", &non_max_suppression_attrs::overlap},
                                            field{"score", &non_max_suppression_attrs::score},
                                            field{"sigma", &non_max_suppression_attrs::sigma}};
};
/// Inputs: boxes [N, 4], scores [N]. Outputs: indices s32 [most], their scores [most], how many
/// there are s32 []; what is behind them is 0. The best box comes first; one that overlaps a chosen
/// box is left out or, with sigma, loses score by exp(-overlap^2 / (2 sigma)) and waits for its
/// turn. Of equal scores that comes first which the framework's heap gives first. As there a chosen
/// box waits again: its overlap with itself lets it out, but one without area is chosen again.
struct non_max_suppression_params {
  std::size_t boxes = 0;
  std::int32_t most = 0;
  float overlap = 0, score = 0, decay = 0;  // decay: -1 / (2 sigma), 0 where there is none
};
namespace reference {
/// A box that waits: its score so far and how many of the chosen boxes it was held against.
struct box_candidate {
  float score;
  std::int32_t index, seen;
};
constexpr bool has_lower_score(const box_candidate& a, const box_candidate& b) noexcept {
  return a.score < b.score;
}
/// The box of the heap's top held against those chosen since it was last: whether it overlaps one.
inline bool is_suppressed(const non_max_suppression_params& p, const float* boxes,
                          const std::int32_t* index, std::int32_t chosen,
                          box_candidate& next) noexcept {
  for (std::int32_t k = chosen; k-- > next.seen;) {
    const float v =
        overlap(ordered(boxes + 4 * as_size(next.index)), ordered(boxes + 4 * as_size(index[k])));
    if (v >= p.overlap) return true;
    if (p.decay != 0)
      next.score = numerics::mul(
          next.score, numerics::exp_c_library(numerics::mul(numerics::mul(p.decay, v), v)));
    if (next.score <= p.score) break;
  }
  return false;
}
inline void non_max_suppression(const non_max_suppression_params& p, const float* boxes,
                                const float* scores, std::int32_t* index, float* chosen,
                                std::int32_t* count, box_candidate* waiting) noexcept {
  numerics::selection heap(waiting, &has_lower_score);
  std::size_t still = 0;
  for (std::size_t i = 0; i < p.boxes; ++i) {
    if (!(scores[i] > p.score)) continue;
    waiting[still++] = {scores[i], static_cast<std::int32_t>(i), 0};
    heap.push(still);
  }
  const auto most = static_cast<std::int32_t>(std::min(still, as_size(p.most)));
  std::int32_t n = 0;
  while (n < most && still > 0) {
    heap.pop(still);
    box_candidate& next = waiting[--still];
    const float before = next.score;
    const bool out = is_suppressed(p, boxes, index, n, next);
    next.seen = n;
    if (out) continue;
    if (next.score == before) {
      index[n] = next.index;
      if (chosen) chosen[n] = next.score;
      ++n;
    }
    if (next.score > p.score) heap.push(++still);
  }
  *count = n;
  for (std::int32_t k = n; k < p.most; ++k) {
    index[k] = 0;
    if (chosen) chosen[k] = 0;
  }
}
inline void non_max_suppression_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const non_max_suppression_params*>(a.params);
  non_max_suppression(p, static_cast<const float*>(a.in[0]), static_cast<const float*>(a.in[1]),
                      static_cast<std::int32_t*>(a.out[0]), static_cast<float*>(a.out[1]),
                      static_cast<std::int32_t*>(a.out[2]), static_cast<box_candidate*>(a.scratch));
}
}  // namespace reference
namespace ops {
constexpr status non_max_suppression_op_shape(const node_view& n, std::span<dims> out) {
  const dims &b = n.in[0].shape, &s = n.in[1].shape;
  if (b.rank != 2 || b[1] != 4) return violation{rule::shapes_differ, dims{0, 4}, b};
  if (!(s == dims{b[0]})) return violation{rule::shapes_differ, dims{b[0]}, s};
  const auto a = read_attributes<non_max_suppression_attrs>(*n.attrs);
  if (a.most < 0) return violation{rule::value, dims{0}, dims{a.most}};
  out[0] = out[1] = dims{a.most};
  out[2] = dims{};
  return unit{};
}
constexpr void non_max_suppression_memory(const node_view& n, node_memory& to) {
  to.make<non_max_suppression_params>();
  to.reference_scratch = sizeof(reference::box_candidate) * as_size(n.in[0].shape[0]);
}
inline status non_max_suppression_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<non_max_suppression_attrs>(*n.attrs);
  auto& p = to.make<non_max_suppression_params>(&reference::non_max_suppression_kernel);
  p.boxes = as_size(n.in[0].shape[0]);
  p.most = a.most;
  p.overlap = static_cast<float>(a.overlap), p.score = static_cast<float>(a.score);
  if (a.sigma > 0) p.decay = numerics::div(-0.5f, static_cast<float>(a.sigma));
  return unit{};
}
inline constexpr form non_max_suppression_forms[] = {
    {.in = {dtype::f32, dtype::f32}, .out = {dtype::s32, dtype::f32, dtype::s32}},
};
/// At most, as if each box were looked for among all and held against those chosen; one that only
/// loses score comes again after each choice.
constexpr double non_max_suppression_steps(const node_view& n) {
  const auto a = read_attributes<non_max_suppression_attrs>(*n.attrs);
  const double boxes = extent_in(n, 0, 0), most = a.most;
  return boxes * (a.sigma > 0 ? boxes * std::max(most, 1.0) : boxes + most);
}
inline constexpr op_def non_max_suppression{
    .name = "non_max_suppression",
    .summary = "the best of overlapping boxes",
    .min_inputs = 2,
    .max_inputs = 2,
    .outputs = 3,
    .forms = non_max_suppression_forms,
    .attributes = keys_of<non_max_suppression_attrs>,
    .shape = &non_max_suppression_op_shape,
    .memory = &non_max_suppression_memory,
    .prepare = &non_max_suppression_prepare,
    .steps = &non_max_suppression_steps,
};
}  // namespace ops

// ---- detection_postprocess ----

struct detection_postprocess_attrs {
  std::int32_t most = 0;     // boxes
  std::int32_t classes = 0;  // without the background, which comes first where there is one
  /// Results that each box has room for, for its best classes; where there are fewer classes the
  /// rest is 0.
  std::int32_t per_box = 1;
  /// Above 0: each class chooses among all boxes for itself, at most so many, and the best of all
  /// classes are given, a class each.
  std::int32_t per_class = 0;
  double score = 0, overlap = 0;
  double y_scale = 1, x_scale = 1, h_scale = 1, w_scale = 1;
  static constexpr auto fields =
      field_list{field{"most", &detection_postprocess_attrs::most},
                 field{"classes", &detection_postprocess_attrs::classes},
                 field{"per_box", &detection_postprocess_attrs::per_box},
                 field{"per_class", &detection_postprocess_attrs::per_class},
                 field{"score", &detection_postprocess_attrs::score},
                 field{"overlap", &detection_postprocess_attrs::overlap},
                 field{"y_scale", &detection_postprocess_attrs::y_scale},
                 field{"x_scale", &detection_postprocess_attrs::x_scale},
                 field{"h_scale", &detection_postprocess_attrs::h_scale},
                 field{"w_scale", &detection_postprocess_attrs::w_scale}};
};
/// Inputs: box encodings [1, N, 4 or more] {y, x, h, w}, scores [1, N, classes or one more],
/// anchors [N, 4] {y, x, h, w}. Outputs: boxes [1, most * per_box, 4] {top, left, bottom, right},
/// their classes [1, most * per_box] and scores [1, most * per_box], all float32, and how many
/// boxes (per_box results each) or, where classes choose, results there are, float32 [1].
///
/// Centre = encoding / scale * extent of the anchor + its centre, half extent = exp(encoding /
/// scale) / 2 * extent of the anchor, each in binary64 and rounded once. A box goes by its best
/// class; boxes of at least `score` are taken in the order of their scores (equal ones by index),
/// and those that overlap a taken one by more than `overlap` are left out. Equal scores of a box's
/// several classes stand as the framework's partial sort leaves them.
struct detection_postprocess_params {
  std::size_t anchors = 0, code = 4, scores = 0, background = 0;
  std::int32_t most = 0, classes = 0, per_box = 1, per_class = 0;
  float score = 0, overlap = 0;
  double scale[4] = {1, 1, 1, 1};  // y, x, h, w, from binary32
};
namespace reference {
/// What is kept of an anchor between the steps.
struct detection {
  box corners;
  float score;
  bool waiting;
};
inline box decode(const detection_postprocess_params& p, const float* e, const float* a) noexcept {
  const auto centre = [&](int i) {
    return static_cast<float>(
        numerics::add(numerics::mul(numerics::div(static_cast<double>(e[i]), p.scale[i]),
                                    static_cast<double>(a[i + 2])),
                      static_cast<double>(a[i])));
  };
  const auto half = [&](int i) {
    return static_cast<float>(numerics::mul(
        numerics::mul(0.5, numerics::exp(numerics::div(static_cast<double>(e[i]), p.scale[i]))),
        static_cast<double>(a[i])));
  };
  const float y = centre(0), x = centre(1), h = half(2), w = half(3);
  return {numerics::sub(y, h), numerics::sub(x, w), numerics::add(y, h), numerics::add(x, w)};
}
/// A box that waits: of equal scores the lower anchor comes first.
struct waiting_box {
  float score;
  std::int32_t anchor;
  friend bool operator<(const waiting_box& a, const waiting_box& b) noexcept {
    return a.score < b.score || (a.score == b.score && a.anchor > b.anchor);
  }
};
static_assert(sizeof(waiting_box) <= sizeof(detection));
/// The waiting box of the highest score, no longer waiting, nor those that overlap it too much;
/// `anchors` where none waits.
inline std::size_t take_best(const detection_postprocess_params& p, detection* all) noexcept {
  std::size_t best = p.anchors;
  for (std::size_t i = 0; i < p.anchors; ++i)
    if (all[i].waiting && (best == p.anchors || all[i].score > all[best].score)) best = i;
  if (best == p.anchors) return best;
  all[best].waiting = false;
  for (std::size_t i = 0; i < p.anchors; ++i)
    if (all[i].waiting && overlap(all[best].corners, all[i].corners) > p.overlap)
      all[i].waiting = false;
  return best;
}
/// A box that a class has chosen.
struct class_detection {
  float score;
  std::int32_t anchor, of_class;
};
/// The best boxes of all classes, highest score first, of equal ones the lower class first: `found`
/// has room for p.most of them.
inline std::int32_t detect_by_class(const detection_postprocess_params& p, const float* scores,
                                    detection* all, class_detection* found) noexcept {
  std::int32_t n = 0;
  for (std::int32_t c = 0; c < p.classes; ++c) {
    for (std::size_t i = 0; i < p.anchors; ++i) {
      all[i].score = scores[i * p.scores + p.background + as_size(c)];
      all[i].waiting = all[i].score >= p.score;
    }
    for (std::int32_t k = 0; k < p.per_class; ++k) {
      const std::size_t best = take_best(p, all);
      if (best == p.anchors) break;
      std::int32_t at = n;
      while (at > 0 && found[at - 1].score < all[best].score) --at;
      if (at >= p.most) continue;
      n = n < p.most ? n + 1 : n;
      for (std::int32_t j = n - 1; j > at; --j) found[j] = found[j - 1];
      found[at] = {all[best].score, static_cast<std::int32_t>(best), c};
    }
  }
  return n;
}
/// The first k of n classes in the framework's order, that of its partial sort; of one the first of
/// those with the highest score.
constexpr void sort_classes(class_detection* x, std::size_t k, std::size_t n) noexcept {
  const auto before = [](const class_detection& a, const class_detection& b) {
    return a.score > b.score;
  };
  if (k != 1) return numerics::selection(x, before).partial_sort(k, n);
  for (std::size_t i = 1; i < n; ++i)
    if (before(x[i], x[0])) x[0] = x[i];
}
inline void detection_postprocess_kernel(const kernel_args& a) noexcept {
  const auto& p = *static_cast<const detection_postprocess_params*>(a.params);
  const auto *encodings = static_cast<const float*>(a.in[0]),
             *scores = static_cast<const float*>(a.in[1]),
             *anchors = static_cast<const float*>(a.in[2]);
  auto *boxes = static_cast<float*>(a.out[0]), *classes = static_cast<float*>(a.out[1]),
       *values = static_cast<float*>(a.out[2]), *count = static_cast<float*>(a.out[3]);
  const auto scores_of = [&](std::size_t i) { return scores + i * p.scores + p.background; };
  const auto decoded = [&](std::size_t i) {
    return decode(p, encodings + i * p.code, anchors + 4 * i);
  };
  const auto room = as_size(p.most) * as_size(p.per_box);
  std::fill_n(boxes, 4 * room, 0.f);
  std::fill_n(classes, room, 0.f), std::fill_n(values, room, 0.f);
  const auto put = [&](std::size_t at, const box& b, std::int32_t of_class, float score) {
    const float corners[] = {b.y0, b.x0, b.y1, b.x1};
    std::copy_n(corners, 4, boxes + 4 * at);
    classes[at] = static_cast<float>(of_class), values[at] = score;
  };
  std::size_t n = 0;
  if (p.per_class > 0) {
    auto* const all = static_cast<detection*>(a.scratch);
    for (std::size_t i = 0; i < p.anchors; ++i) all[i] = {decoded(i), 0, false};
    auto* found = reinterpret_cast<class_detection*>(all + p.anchors);
    n = as_size(detect_by_class(p, scores, all, found));
    for (std::size_t k = 0; k < n; ++k)
      put(k, all[found[k].anchor].corners, found[k].of_class, found[k].score);
  }
  // Few boxes are looked at as a rule: they are decoded, and held against those taken, only then.
  auto* const waiting = static_cast<waiting_box*>(a.scratch);
  auto* const of_box = reinterpret_cast<class_detection*>(static_cast<detection*>(a.scratch) +
                                                          p.anchors);  // its classes
  std::size_t still = 0;
  for (std::size_t i = 0; i < p.anchors && p.per_class == 0; ++i) {
    const float* s = scores_of(i);
    float best = s[0];
    for (std::int32_t c = 1; c < p.classes; ++c) best = larger(best, s[c]);
    if (best >= p.score) waiting[still++] = {best, static_cast<std::int32_t>(i)};
  }
  std::make_heap(waiting, waiting + still);
  while (p.per_class == 0 && n < as_size(p.most) && still > 0) {
    std::pop_heap(waiting, waiting + still);
    const auto best = as_size(waiting[--still].anchor);
    const box corners = decoded(best);
    bool out = false;
    for (std::size_t k = 0; k < n && !out; ++k) {
      const float* const b = boxes + 4 * k * as_size(p.per_box);
      out = overlap({b[0], b[1], b[2], b[3]}, corners) > p.overlap;
    }
    if (out) continue;
    for (std::int32_t c = 0; c < p.classes; ++c) of_box[c] = {scores_of(best)[c], 0, c};
    const auto given = as_size(std::min(p.per_box, p.classes));
    sort_classes(of_box, given, as_size(p.classes));
    for (std::size_t c = 0; c < given; ++c)
      put(n * as_size(p.per_box) + c, corners, of_box[c].of_class, of_box[c].score);
    ++n;
  }
  count[0] = static_cast<float>(n);
}
}  // namespace reference
namespace ops {
constexpr status detection_postprocess_op_shape(const node_view& n, std::span<dims> out) {
  const dims &e = n.in[0].shape, &s = n.in[1].shape, &anchors = n.in[2].shape;
  const auto a = read_attributes<detection_postprocess_attrs>(*n.attrs);
  if (e.rank != 3 || s.rank != 3 || anchors.rank != 2)
    return violation{rule::rank, dims{1, 0, 4}, e.rank != 3 ? e : s.rank != 3 ? s : anchors};
  if (e[0] != 1 || e[2] < 4) return violation{rule::shapes_differ, dims{1, e[1], 4}, e};
  if (!(anchors == dims{e[1], 4})) return violation{rule::shapes_differ, dims{e[1], 4}, anchors};
  if (s[0] != 1 || s[1] != e[1] || a.classes < 1 ||
      (s[2] != a.classes && std::int64_t{s[2]} != std::int64_t{a.classes} + 1))
    return violation{rule::shapes_differ, dims{1, e[1], a.classes}, s};
  if (a.most < 0 || a.per_box < 1 || a.per_class < 0 ||
      std::int64_t{a.most} * a.per_box > INT32_MAX / 4)
    return violation{rule::value, dims{0, 1}, dims{a.most, a.per_box}};
  const std::int32_t room = a.most * a.per_box;
  out[0] = dims{1, room, 4}, out[1] = out[2] = dims{1, room}, out[3] = dims{1};
  return unit{};
}
constexpr void detection_postprocess_memory(const node_view& n, node_memory& to) {
  to.make<detection_postprocess_params>();
  const auto a = read_attributes<detection_postprocess_attrs>(*n.attrs);
  to.reference_scratch = sizeof(reference::detection) * as_size(n.in[2].shape[0]);
  to.reference_scratch += sizeof(reference::class_detection) *
                          as_size(std::max(0, a.per_class > 0 ? a.most : a.classes));
}
inline status detection_postprocess_prepare(const node_view& n, prepared& to) {
  const auto a = read_attributes<detection_postprocess_attrs>(*n.attrs);
  auto& p = to.make<detection_postprocess_params>(&reference::detection_postprocess_kernel);
  p.anchors = as_size(n.in[2].shape[0]);
  p.code = as_size(n.in[0].shape[2]);
  p.scores = as_size(n.in[1].shape[2]);
  p.background = p.scores - as_size(a.classes);
  p.most = a.most, p.classes = a.classes, p.per_box = a.per_box, p.per_class = a.per_class;
  p.score = static_cast<float>(a.score), p.overlap = static_cast<float>(a.overlap);
  const double scales[] = {a.y_scale, a.x_scale, a.h_scale, a.w_scale};
  for (std::size_t i = 0; i < 4; ++i) {
    if (!(scales[i] > 0)) return invalid("scale of a box", std::to_string(scales[i]), "above 0");
    p.scale[i] = static_cast<double>(static_cast<float>(scales[i]));
  }
  return unit{};
}
inline constexpr form detection_postprocess_forms[] = {
    {.in = {dtype::f32, dtype::f32, dtype::f32},
     .out = {dtype::f32, dtype::f32, dtype::f32, dtype::f32}},
};
/// Each choice looks at all anchors, and at the classes of the chosen one for each result.
constexpr double detection_postprocess_steps(const node_view& n) {
  const auto a = read_attributes<detection_postprocess_attrs>(*n.attrs);
  return a.most * (2 * extent_in(n, 2, 0) + static_cast<double>(a.per_box) * a.classes);
}
inline constexpr op_def detection_postprocess{
    .name = "detection_postprocess",
    .summary = "boxes of anchors decoded, the best of overlapping ones",
    .min_inputs = 3,
    .max_inputs = 3,
    .outputs = 4,
    .forms = detection_postprocess_forms,
    .attributes = keys_of<detection_postprocess_attrs>,
    .shape = &detection_postprocess_op_shape,
    .memory = &detection_postprocess_memory,
    .prepare = &detection_postprocess_prepare,
    .steps = &detection_postprocess_steps,
};
}  // namespace ops

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_DETECTION_HPP_
