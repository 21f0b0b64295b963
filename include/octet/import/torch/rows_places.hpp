// Rows of pools that also give where their results are, of what puts values back there, and of
// averages over windows that end beyond a volume.
#ifndef OCTET_IMPORT_TORCH_ROWS_PLACES_HPP_
#define OCTET_IMPORT_TORCH_ROWS_PLACES_HPP_

#include <algorithm>

#include "octet/import/torch/rows_composed.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

/// The windows along one axis: for each the first of its elements that lies within the tensor, and
/// how many of such there are, `step` apart.
struct windows_of_axis {
  std::vector<std::int64_t> first, count;
  std::int64_t step = 1, most = 0;  // the largest count

  void add(std::int64_t begin, std::int64_t n) {
    first.push_back(begin), count.push_back(n);
    most = std::max(most, n);
  }
  /// Of each window the element of that number; its last one where it has fewer.
  std::vector<std::int64_t> elements(std::int64_t number) const {
    std::vector<std::int64_t> at;
    for (std::size_t o = 0; o < first.size(); ++o)
      at.push_back(first[o] + std::min(number, count[o] - 1) * step);
    return at;
  }
};
/// A window of `size` elements `dilation` apart, as pools have it along one axis.
struct pool_axis {
  std::int64_t size = 1, stride = 1, padding = 0, dilation = 1;
  bool ceil_mode = false;

  /// How many windows there are along n elements; one that begins behind the padding is none.
  std::int64_t windows(std::int64_t n) const {
    const std::int64_t room = n + 2 * padding - dilation * (size - 1) - 1;
    if (room < 0) return 0;
    std::int64_t count = (room + (ceil_mode ? stride - 1 : 0)) / stride + 1;
    if (ceil_mode && (count - 1) * stride >= n + padding) --count;
    return count;
  }
};
/// The last `Axes` axes of a pool; parameters that it lacks keep their defaults.
template <std::size_t Axes>
result<std::array<pool_axis, Axes>> pool_axes(arguments& a, const tensor_data& x) {
  std::array<pool_axis, Axes> p;
  struct parameter {
    std::string_view name;
    std::int64_t pool_axis::*to;
  };
  constexpr parameter all[] = {{"kernel_size", &pool_axis::size},
                               {"stride", &pool_axis::stride},
                               {"padding", &pool_axis::padding},
                               {"dilation", &pool_axis::dilation}};
  for (const auto& [name, to] : all) {
    if (!a.has(name)) continue;
    auto list = a.integers(name);
    if (list.empty() && to == &pool_axis::stride) list = a.integers("kernel_size");
    if (list.size() == 1) list.resize(Axes, list[0]);
    if (auto s = a.check(); !s) return s.error();
    if (list.size() != Axes) return invalid("window of " + a.name);
    for (std::size_t k = 0; k < Axes; ++k) p[k].*to = a.small(name, list[k]);
  }
  for (pool_axis& axis : p) axis.ceil_mode = a.boolean("ceil_mode");
  if (auto s = a.check(); !s) return s.error();
  if (as_size(x.rank()) < Axes || as_size(x.rank()) > Axes + 2)
    return unsupported("rank of the input of " + a.name, std::to_string(x.rank()),
                       std::to_string(Axes + 1) + ", " + std::to_string(Axes + 2));
  for (const pool_axis& axis : p)
    if (axis.size < 1 || axis.stride < 1 || axis.dilation < 1 || axis.padding < 0 ||
        axis.padding > axis.size / 2)
      return invalid("window of " + a.name);
  return p;
}

// ---- places of the largest elements ----

/// Where the largest element of each window is among those of its channel, the first of equal ones.
/// The windows are those of x's last axes.
class largest_places {
 public:
  largest_places(emitter& e, std::span<const windows_of_axis> axes) : e_(e), axes_(axes) {}
  static constexpr std::int64_t most_taps = 64;
  /// Elements of the largest window, counted up to most_taps + 1.
  static std::int64_t taps_of(std::span<const windows_of_axis> axes) {
    std::int64_t taps = 1;
    for (const windows_of_axis& axis : axes)
      taps = std::min(taps * std::min(axis.most, most_taps + 1), most_taps + 1);
    return taps;
  }
  result<value> of(tensor_data& x) {
    std::int64_t steps = 1;
    if (const std::int64_t taps = taps_of(axes_); taps > most_taps)
      return unsupported("places of the largest elements by " + e_.operator_name(),
                         "windows of " + std::to_string(taps) + " elements or more",
                         "at most " + std::to_string(most_taps));
    steps_.assign(axes_.size(), 1);
    for (std::size_t k = axes_.size(); k-- > 0;) {
      steps_[k] = steps;
      steps *= x.size[x.size.size() - axes_.size() + k];
    }
    at_.resize(axes_.size());
    if (auto s = follow(x, 0); !s) return s.error();
    return value_of(*place_);
  }

 private:
  /// All elements of this axis' windows and those behind it, in their order.
  status follow(tensor_data& x, std::size_t k) {
    if (k == axes_.size()) return compare(x);
    for (std::int64_t tap = 0; tap < axes_[k].most; ++tap) {
      at_[k] = axes_[k].elements(tap);
      const auto next = picked(e_, x, x.size.size() - axes_.size() + k, at_[k]);
      if (!next) return next.error();
      if (auto s = follow(*next->t, k + 1); !s) return s;
    }
    return unit{};
  }
  status compare(tensor_data& x) {
    const auto here = constant_places();
    if (!here) return here.error();
    if (!best_) {
      best_ = &x;
      const auto everywhere = expanded(e_, *here->t, x.size);
      if (!everywhere) return everywhere.error();
      place_ = everywhere->t;
      return unit{};
    }
    const auto more = larger(x);
    if (!more) return more.error();
    const auto best = chosen(e_, *more->t, x, *best_),
               place = chosen(e_, *more->t, *here->t, *place_);
    if (!best) return best.error();
    if (!place) return place.error();
    best_ = best->t, place_ = place->t;
    return unit{};
  }
  /// What is no number is larger than any.
  result<value> larger(tensor_data& x) {
    const auto more = emit_pair(e_, ops::greater, {&x, best_}, scalar::boolean),
               none = emit_pair(e_, ops::not_equal, {&x, &x}, scalar::boolean);
    if (!more) return more;
    if (!none) return none;
    return emit_pair(e_, ops::logical_or, {more->t, none->t}, scalar::boolean);
  }
  result<value> constant_places() {
    std::vector<std::int64_t> size;
    std::vector<double> places{0};
    for (std::size_t k = 0; k < axes_.size(); ++k) {
      size.push_back(static_cast<std::int64_t>(at_[k].size()));
      if (places.size() * at_[k].size() > most_made) return too_large("places");
      std::vector<double> longer;
      for (const double before : places)
        for (const std::int64_t at : at_[k])
          longer.push_back(numerics::add(before, static_cast<double>(at * steps_[k])));
      places = std::move(longer);
    }
    return constant_tensor(e_, places, size, scalar::s64);
  }

  emitter& e_;
  std::span<const windows_of_axis> axes_;
  std::vector<std::vector<std::int64_t>> at_;
  std::vector<std::int64_t> steps_;
  tensor_data *best_ = nullptr, *place_ = nullptr;
};
inline result<value> with_places(emitter& e, tensor_data& x, const result<value>& largest,
                                 std::span<const windows_of_axis> axes) {
  if (!largest) return largest;
  largest_places found(e, axes);
  const auto places = found.of(x);
  if (!places) return places;
  return e.c.values.list({*largest, *places}, kind::tuple);
}
/// max_pool1d, max_pool2d, max_pool3d with indices: `Largest` gives the values.
template <std::size_t Axes, row_function Largest>
result<value> max_pool_with_places(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  if (!x) return x.error();
  const auto p = pool_axes<Axes>(a, **x);
  if (!p) return p.error();
  std::array<windows_of_axis, Axes> axes;
  for (std::size_t k = 0; k < Axes; ++k) {
    const pool_axis& axis = (*p)[k];
    const std::int64_t n = (*x)->size[(*x)->size.size() - Axes + k];
    axes[k].step = axis.dilation;
    for (std::int64_t o = 0; o < axis.windows(n); ++o) {
      const std::int64_t begin = o * axis.stride - axis.padding,
                         outside = begin < 0 ? (axis.dilation - 1 - begin) / axis.dilation : 0,
                         first = begin + outside * axis.dilation;
      if (first >= n) return unsupported("an empty window of " + a.name);
      axes[k].add(first, std::min(axis.size - outside, (n - 1 - first) / axis.dilation + 1));
    }
    if (axes[k].first.empty()) return invalid("window of " + a.name);
  }
  return with_places(e, **x, Largest(e, a), axes);
}
/// adaptive_max_pool1d, adaptive_max_pool2d: of codes the values alone.
template <std::size_t Axes, row_function Largest>
result<value> adaptive_max_pool_with_places(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  auto out = a.integers("output_size");
  if (auto s = a.check(); !s) return s.error();
  if (x->type != scalar::f32 || as_size(x->rank()) < Axes) return Largest(e, a);
  if (out.size() == 1) out.resize(Axes, out[0]);
  if (out.size() != Axes) return invalid("output size of " + a.name);
  std::array<windows_of_axis, Axes> axes;
  for (std::size_t k = 0; k < Axes; ++k) {
    const std::int64_t n = x->size[x->size.size() - Axes + k],
                       count = a.small("output_size", out[k]);
    for (std::int64_t o = 0; o < count && n > 0; ++o) {
      const std::int64_t begin = o * n / count, end = ((o + 1) * n + count - 1) / count;
      axes[k].add(begin, end - begin);
    }
  }
  const auto largest = Largest(e, a);
  const std::int64_t taps = largest_places::taps_of(axes);
  if (!largest || taps < 1 || taps > largest_places::most_taps) return largest;
  return with_places(e, *x, result<value>(largest->c->items[0]), axes);
}
/// max_unpool2d(x, places, size), max_unpool3d: zeros but at the places.
template <std::size_t Axes> result<value> max_unpool(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  tensor_data* places = a.tensor("indices");
  const auto out = a.integers("output_size");
  if (!x) return x.error();
  if (auto s = a.check(); !s) return s.error();
  if (as_size((*x)->rank()) <= Axes || out.size() != Axes || places->size != (*x)->size)
    return invalid("extents of " + a.name);
  std::vector<std::int64_t> flat((*x)->size.begin(),
                                 (*x)->size.end() - static_cast<std::ptrdiff_t>(Axes)),
      size = flat;
  std::int64_t from = 1, to = 1;
  for (std::size_t k = 0; k < Axes; ++k) {
    from *= (*x)->size[flat.size() + k], to *= a.small("output_size", out[k]);
    if (to < 1 || to > INT32_MAX) return invalid("extents of " + a.name);
    size.push_back(out[k]);
  }
  flat.push_back(from);
  const auto values = reshaped(e, **x, flat), where = reshaped(e, *places, flat);
  if (!values) return values;
  if (!where) return where;
  flat.back() = to;
  const auto zeros = constant_tensor(e, {0}, flat, scalar::f32);
  if (!zeros) return zeros;
  arguments as(e.c, a.name,
               {{"self", *zeros},
                {"dim", value::of(std::int64_t{-1})},
                {"index", *where},
                {"src", *values},
                {"reduce", value{}}});
  const auto y = scatter(e, as);
  if (!y) return y;
  return reshaped(e, *y->t, std::move(size));
}

// ---- averages of windows of several counts ----

/// avg_pool3d: where windows end beyond the volume or do not count its padding, sums by the count
/// of each place.
inline result<value> average_of_volume(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const auto padding = a.integers("padding");
  const bool counted = a.boolean("count_include_pad"), beyond = a.boolean("ceil_mode"),
             any = std::any_of(padding.begin(), padding.end(), [](auto v) { return v != 0; });
  if (auto s = a.check(); !s) return s.error();
  if ((!beyond && (counted || !any)) || x->type != scalar::f32 || x->rank() != 5)
    return avg_pool3d(e, a);
  const auto p = pool_axes<3>(a, *x);
  if (!p) return p.error();
  std::vector<std::int64_t> around, size;
  std::vector<double> counts{1};
  for (std::size_t k = 0; k < 3; ++k) {
    const pool_axis& axis = (*p)[k];
    const std::int64_t n = x->size[2 + k], windows = axis.windows(n);
    if (windows < 1) return invalid("window of " + a.name);
    std::vector<double> longer;
    for (const double before : counts)
      for (std::int64_t o = 0; o < windows; ++o) {
        const std::int64_t begin = o * axis.stride - axis.padding,
                           end = std::min(begin + axis.size, n + axis.padding);
        longer.push_back(numerics::mul(
            before,
            static_cast<double>(counted ? end - begin
                                        : std::min(end, n) - std::max<std::int64_t>(begin, 0))));
      }
    if (longer.size() > most_made) return too_large("windows of " + a.name);
    counts = std::move(longer);
    size.push_back(windows);
    const std::int64_t behind = (windows - 1) * axis.stride + axis.size - axis.padding - n;
    around.insert(around.begin(), {axis.padding, std::max<std::int64_t>(behind, 0)});
  }
  if (!a.none("divisor_override")) counts = {static_cast<double>(a.integer("divisor_override"))};
  if (auto s = a.check(); !s) return s.error();
  if (counts[0] == 0) return invalid("divisor_override of " + a.name, "0");
  const auto wider = padded(e, a, *x, around, "constant", 0);
  if (!wider) return wider;
  arguments sums = a;
  sums.replace("self", *wider);
  sums.replace("padding", e.c.values.integers({0, 0, 0}));
  sums.replace("ceil_mode", value::of(false));
  sums.replace("divisor_override", value::of(std::int64_t{1}));
  const auto sum = avg_pool3d(e, sums), by = constant_tensor(e, counts, size, scalar::f32);
  if (!by) return by;
  return done(apply(e, ops::div, step_of(sum), step_of(by)));
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_PLACES_HPP_
