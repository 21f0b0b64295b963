// Rows of windows that overlap and of elements by index: unfold, im2col, col2im, diagonal, gather,
// one_hot.
#ifndef OCTET_IMPORT_TORCH_ROWS_WINDOWS_HPP_
#define OCTET_IMPORT_TORCH_ROWS_WINDOWS_HPP_

#include "octet/import/torch/rows_float.hpp"
#include "octet/import/torch/rows_index.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torch_rows {

using namespace torchscript;  // NOLINT: rows speak of its values

/// One axis in two: `index` names, row after row, the elements of [index.size() / width, width].
inline result<value> in_rows(emitter& e, tensor_data& x, std::size_t axis,
                             const std::vector<std::int64_t>& index, std::int64_t width) {
  if (index.size() > most_made) return too_large("windows of " + e.operator_name());
  if (auto s = e.c.build.make_constant(index.size() * sizeof(std::int64_t)); !s) return s.error();
  const auto elements = picked(e, x, axis, index);
  if (!elements) return elements;
  auto size = x.size;
  const auto count = static_cast<std::int64_t>(index.size());
  size[axis] = count / width;
  size.insert(size.begin() + static_cast<std::ptrdiff_t>(axis) + 1, width);
  return reshaped(e, *elements->t, std::move(size));
}
/// x.unfold(dimension, size, step): windows of an axis, their elements along a new last one; a
/// view.
inline result<value> unfold(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  const std::int64_t dim = a.integer("dimension"), width = a.integer("size"),
                     by = a.integer("step");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  const std::int64_t n = x->size[axis];
  if (width < 1 || width > n || by < 1)
    return invalid("windows of " + a.name, std::to_string(width) + ", " + std::to_string(by));
  std::vector<std::int64_t> index;
  for (std::int64_t begin = 0; begin <= n - width; begin += std::min(by, n))
    for (std::int64_t i = 0; i < width; ++i) {
      if (index.size() > most_made) return too_large("windows of " + a.name);
      index.push_back(begin + i);
    }
  const auto rows = in_rows(e, *x, axis, index, width);
  if (!rows) return rows;
  std::vector<std::int64_t> order, stride = x->stride;
  for (int i = 0; i < rows->t->rank(); ++i)
    if (as_size(i) != axis + 1) order.push_back(i);
  order.push_back(static_cast<std::int64_t>(axis) + 1);
  stride.push_back(stride[axis]);
  stride[axis] *= std::min(by, n);
  const auto turned = permuted(e, *rows->t, order);
  if (!turned) return turned;
  return as_view(with_strides(e, *turned, std::move(stride)), *x);
}
/// diagonal(x, offset, dim1, dim2): the two axes as one last axis; a view.
inline result<value> diagonal(emitter& e, arguments& a) {
  tensor_data* x = a.tensor(a.first());
  const std::int64_t offset = a.small("offset", a.integer("offset"));
  const std::int64_t first = a.integer("dim1"), second = a.integer("dim2");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t p = a.axis(first, x->rank()), q = a.axis(second, x->rank());
  if (auto s = a.check(); !s) return s.error();
  if (p == q) return invalid("axes of " + a.name, "the same twice");
  std::vector<std::int64_t> order, size, stride;
  for (int i = 0; i < x->rank(); ++i)
    if (as_size(i) != p && as_size(i) != q) {
      order.push_back(i);
      size.push_back(x->size[as_size(i)]), stride.push_back(x->stride[as_size(i)]);
    }
  order.push_back(static_cast<std::int64_t>(p)), order.push_back(static_cast<std::int64_t>(q));
  const auto turned = permuted(e, *x, order);
  if (!turned) return turned;
  const std::int64_t rows = x->size[p], columns = x->size[q],
                     row = std::max<std::int64_t>(-offset, 0),
                     column = std::max<std::int64_t>(offset, 0),
                     n = std::min(rows - row, columns - column);
  if (n < 1) return unsupported("an empty diagonal of " + a.name, std::to_string(offset));
  size.push_back(rows * columns);
  const auto flat = reshaped(e, *turned->t, std::move(size));
  if (!flat) return flat;
  std::vector<std::int64_t> index;
  for (std::int64_t i = 0; i < n; ++i) index.push_back((row + i) * columns + column + i);
  const auto v = picked(e, *flat->t, flat->t->size.size() - 1, index);
  if (!v) return v;
  stride.push_back(x->stride[p] + x->stride[q]);
  return as_view(with_strides(e, *v, std::move(stride)), *x,
                 row * x->stride[p] + column * x->stride[q]);
}

// ---- windows of images ----

/// Of height and width each.
struct window_numbers {
  std::array<std::int32_t, 2> kernel{}, dilation{}, padding{}, stride{}, image{}, count{};
};
inline result<window_numbers> windows_argument(arguments& a, std::int64_t height,
                                               std::int64_t width) {
  window_numbers w;
  w.kernel = a.pair("kernel_size", {1, 1}), w.dilation = a.pair("dilation", {1, 1});
  w.padding = a.pair("padding", {0, 0}), w.stride = a.pair("stride", {1, 1});
  w.image = {a.small("kernel_size", height), a.small("kernel_size", width)};
  if (auto s = a.check(); !s) return s.error();
  for (std::size_t k = 0; k < 2; ++k) {
    if (w.kernel[k] < 1 || w.dilation[k] < 1 || w.padding[k] < 0 || w.stride[k] < 1)
      return invalid("windows of " + a.name);
    const std::int64_t reach = std::int64_t{w.dilation[k]} * (w.kernel[k] - 1) + 1,
                       room = std::int64_t{w.image[k]} + 2 * std::int64_t{w.padding[k]} - reach;
    if (room < 0) return invalid("windows of " + a.name + " larger than the image");
    w.count[k] = static_cast<std::int32_t>(room / w.stride[k] + 1);
  }
  return w;
}
/// With an axis of images, if it has none.
inline result<value> as_images(emitter& e, tensor_data& x, std::size_t rank) {
  auto size = x.size;
  if (size.size() + 1 == rank) size.insert(size.begin(), 1);
  if (size.size() != rank)
    return invalid("input of " + e.operator_name(), std::to_string(x.rank()) + " axes",
                   std::to_string(rank - 1) + ", " + std::to_string(rank));
  return reshaped(e, x, std::move(size));
}
/// im2col(x, kernel, dilation, padding, stride), which nn.Unfold is: [N, C * kh * kw, windows].
inline result<value> im2col(emitter& e, arguments& a) {
  tensor_data* x = a.tensor("self");
  if (auto s = a.check(); !s) return s.error();
  const auto images = as_images(e, *x, 4);
  if (!images) return images;
  auto size = images->t->size;
  const auto w = windows_argument(a, size[2], size[3]);
  if (!w) return w.error();
  auto v = padded(e, a, *images->t, {w->padding[1], w->padding[1], w->padding[0], w->padding[0]},
                  "constant", 0);
  for (const std::size_t k : {std::size_t{1}, std::size_t{0}}) {
    std::vector<std::int64_t> index;
    if (std::int64_t{w->kernel[k]} * w->count[k] > static_cast<std::int64_t>(most_made))
      return too_large("windows of " + a.name);
    for (std::int64_t i = 0; i < w->kernel[k]; ++i)
      for (std::int64_t o = 0; o < w->count[k]; ++o)
        index.push_back(i * w->dilation[k] + o * w->stride[k]);
    if (v) v = in_rows(e, *v->t, 2 + k, index, w->count[k]);
  }
  if (v) v = permuted(e, *v->t, {0, 1, 2, 4, 3, 5});  // [N, C, kh, oh, kw, ow]
  if (!v) return v;
  std::vector<std::int64_t> result{size[0], size[1] * w->kernel[0] * w->kernel[1],
                                   std::int64_t{w->count[0]} * w->count[1]};
  if (x->rank() == 3) result.erase(result.begin());
  return as_contiguous(e, reshaped(e, *v->t, std::move(result)));
}
/// For each pixel of the image the window that covers it with tap (p, q); `none` where there is
/// none.
inline std::vector<std::int64_t> windows_at(const window_numbers& w, std::int64_t p, std::int64_t q,
                                            std::int64_t none) {
  std::vector<std::int64_t> index;
  for (std::int64_t y = 0; y < w.image[0]; ++y)
    for (std::int64_t x = 0; x < w.image[1]; ++x) {
      const std::int64_t at[] = {y + w.padding[0] - p * w.dilation[0],
                                 x + w.padding[1] - q * w.dilation[1]};
      std::int64_t window = 0;
      for (std::size_t k = 0; k < 2; ++k) {
        const bool inside = at[k] >= 0 && at[k] % w.stride[k] == 0 &&
                            at[k] / w.stride[k] < w.count[k] && window != none;
        window = inside ? window * w.count[k] + at[k] / w.stride[k] : none;
      }
      index.push_back(window);
    }
  return index;
}
/// col2im(x, output_size, kernel, dilation, padding, stride), which nn.Fold is: the taps of all
/// windows, added tap after tap.
inline result<value> col2im(emitter& e, arguments& a) {
  const step x = real_argument(e, a, "self");
  const auto image = a.pair("output_size", {0, 0});
  if (!x) return x.error();
  const auto w = windows_argument(a, image[0], image[1]);
  if (!w) return w.error();
  const auto columns = as_images(e, **x, 3);
  if (!columns) return columns;
  const auto size = columns->t->size;
  const std::int64_t taps = std::int64_t{w->kernel[0]} * w->kernel[1],
                     windows = std::int64_t{w->count[0]} * w->count[1],
                     pixels = std::int64_t{image[0]} * image[1];
  if (size[1] % taps != 0 || size[2] != windows) return invalid("input of " + a.name);
  if (taps * pixels > static_cast<std::int64_t>(most_made)) return too_large("image of " + a.name);
  const std::int64_t n = size[0], c = size[1] / taps;
  // A window of zeros, for pixels that a tap does not reach.
  const auto wider = padded(e, a, *columns->t, {0, 1}, "constant", 0);
  if (!wider) return wider;
  const auto by_tap = reshaped(e, *wider->t, {n, c, taps, windows + 1});
  if (!by_tap) return by_tap;
  step sum = number(e, 0);
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    const step one = step_of(sliced(e, *by_tap->t, 2, tap, 1));
    if (!one) return one.error();
    if (auto s = e.c.build.make_constant(as_size(pixels) * sizeof(std::int64_t)); !s)
      return s.error();
    sum = apply(e, ops::add, sum,
                step_of(picked(e, **one, 3,
                               windows_at(*w, tap / w->kernel[1], tap % w->kernel[1], windows))));
  }
  if (!sum) return sum.error();
  std::vector<std::int64_t> result{n, c, image[0], image[1]};
  if ((*x)->rank() == 2) result.erase(result.begin());
  return as_contiguous(e, reshaped(e, **sum, std::move(result)));
}

// ---- elements by index ----

/// gather(x, dim, index): x[.., index[.., i, ..], ..], the other places those of the index.
inline result<value> gather_elements(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *index = a.tensor("index");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  e.take_as_indices(*index);
  if (index->type != scalar::s64 || index->rank() != x->rank() || x->rank() == 0)
    return unsupported("index of " + a.name, std::string(name_of(index->type)),
                       "int64 of as many axes as the input");
  const auto steps = contiguous_strides(x->size);
  if (index->elements() > static_cast<std::int64_t>(most_made))
    return too_large("index of " + a.name);
  std::vector<double> places;  // of the other axes
  for (std::int64_t i = 0; i < index->elements(); ++i) {
    std::int64_t rest = i, place = 0;
    for (std::size_t k = index->size.size(); k-- > 0;) {
      if (k != axis) place += rest % index->size[k] * steps[k];
      rest /= index->size[k];
    }
    places.push_back(static_cast<double>(place));
  }
  if (places.empty()) return unsupported("an empty index of " + a.name);
  const auto others = constant_tensor(e, places, index->size, scalar::s64);
  if (!others) return others;
  const auto along =
      emit_pair(e, ops::mul, {index, number_of(e, static_cast<double>(steps[axis]), scalar::s64)},
                scalar::s64);
  if (!along) return along;
  const auto at = emit_pair(e, ops::add, {along->t, others->t}, scalar::s64);
  if (!at) return at;
  const auto line = reshaped(e, *x, {x->elements()});
  if (!line) return line;
  const auto flat = reshaped(e, *at->t, {index->elements()});
  if (!flat) return flat;
  const auto taken = gathered(e, *line->t, *flat->t, 0);
  if (!taken) return taken;
  return as_contiguous(e, reshaped(e, *taken->t, index->size));
}
/// take_along_dim(x, index, dim): gather, where the other extents are the same.
inline result<value> take_along(emitter& e, arguments& a) {
  tensor_data *x = a.tensor("self"), *index = a.tensor("indices");
  const std::int64_t dim = a.integer("dim");
  if (auto s = a.check(); !s) return s.error();
  const std::size_t axis = a.axis(dim, x->rank());
  if (auto s = a.check(); !s) return s.error();
  auto size = x->size;
  if (index->rank() == x->rank()) size[axis] = index->size[axis];
  if (size != index->size)
    return unsupported("extents of the index of " + a.name, {}, "those of the input but for dim");
  arguments as(e.c, a.name, {{"self", a["self"]}, {"dim", a["dim"]}, {"index", a["indices"]}});
  return gather_elements(e, as);
}
/// one_hot(index, classes): 1 at each index along a new last axis, else 0.
inline result<value> one_hot(emitter& e, arguments& a) {
  tensor_data* index = a.tensor("self");
  const std::int64_t classes = a.integer("num_classes");
  if (auto s = a.check(); !s) return s.error();
  e.take_as_indices(*index);
  if (index->type != scalar::s64)
    return unsupported("index of " + a.name, std::string(name_of(index->type)), "int64");
  if (classes < 1 || classes > static_cast<std::int64_t>(most_made))
    return unsupported("classes of " + a.name, std::to_string(classes),
                       "a number that the program gives");
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < classes; ++i) numbers.push_back(static_cast<double>(i));
  const auto each = constant_tensor(e, numbers, {classes}, scalar::s64);
  if (!each) return each;
  auto size = index->size;
  size.push_back(1);
  const auto column = reshaped(e, *index, std::move(size));
  if (!column) return column;
  const auto is = emit_pair(e, ops::equal, {column->t, each->t}, scalar::boolean);
  if (!is) return is;
  return as_contiguous(e, cast_to(e, *is->t, scalar::s64));
}

}  // namespace import::torch_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_ROWS_WINDOWS_HPP_
