// Sparse constants of .tflite files: the tables that say where their elements are, and the dense
// tensor that they stand for.
#ifndef OCTET_IMPORT_TFLITE_SPARSE_HPP_
#define OCTET_IMPORT_TFLITE_SPARSE_HPP_

#include <algorithm>

#include "octet/core/limits.hpp"
#include "octet/import/common/error.hpp"
#include "octet/import/tflite/schema.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::detail {

/// Elements in the order of the file at their places in a dense tensor; the others are 0.
class sparse_reader {
 public:
  /// shape: of the dense tensor; size: bytes of an element.
  sparse_reader(const tflite_schema::sparsity_table& from, const dims& shape, std::size_t size,
                work_budget& work)
      : shape_(shape), size_(size), work_(work) {
    const auto copy = [](const tflite_schema::integer_vector* v) {
      // Longer lists fit no tensor; many tensors may share one.
      return v && v->size() <= 2 * dims::max_rank ? std::vector<std::int32_t>(v->begin(), v->end())
                                                  : std::vector<std::int32_t>();
    };
    order_ = copy(from.traversal_order());
    blocks_ = copy(from.block_map());
    levels_ = from.dim_metadata();
  }
  result<std::vector<std::byte>> read(std::span<const std::byte> raw) {
    if (auto s = check(); !s) return s.error();
    raw_ = raw;
    dense_.assign(saturating_mul(shape_.elements().value, size_), std::byte{});
    at_.assign(order_.size(), 0);
    if (auto s = fill(0, 0); !s) return s.error();
    if (next_ * size_ != raw_.size())
      return malformed("elements of a sparse tensor", std::to_string(raw_.size() / size_),
                       std::to_string(next_));
    return std::move(dense_);
  }

 private:
  const tflite_schema::dimension_table& level(std::size_t i) const {
    return *levels_->Get(static_cast<flatbuffers::uoffset_t>(i));
  }
  /// Every axis and every block once; extents are those of the dense tensor.
  status check() {
    const auto rank = as_size(shape_.rank);
    const auto broken = [] { return malformed("sparsity of a tensor"); };
    if (!levels_ || order_.size() != rank + blocks_.size() || blocks_.size() > rank ||
        levels_->size() != order_.size())
      return broken();
    std::vector<bool> seen(order_.size(), false);
    block_extents_.assign(blocks_.size(), 0);
    std::vector<std::int64_t> extents(rank, 0);
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const auto axis = as_size(order_[i]);
      // The axes come first, then the blocks.
      if (order_[i] < 0 || axis >= seen.size() || seen[axis] || (i < rank) != (axis < rank))
        return broken();
      seen[axis] = true;
      const auto& l = level(i);
      if (!l.dense() && (!l.segments().given() || !l.indices().given())) return broken();
      if (axis >= rank) {
        if (!l.dense() || l.size() < 1) return broken();
        block_extents_[axis - rank] = l.size();
      } else {
        extents[axis] = l.size();
      }
    }
    std::vector<std::int64_t> times(rank, 1);
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      if (blocks_[b] < 0 || as_size(blocks_[b]) >= rank) return broken();
      times[as_size(blocks_[b])] *= block_extents_[b];
    }
    for (std::size_t a = 0; a < rank; ++a)
      if (level_of(a).dense() &&
          (extents[a] < 0 || extents[a] * times[a] != std::int64_t{shape_[static_cast<int>(a)]}))
        return broken();
    return unit{};
  }
  const tflite_schema::dimension_table& level_of(std::size_t axis) const {
    return level(as_size(std::find(order_.begin(), order_.end(), static_cast<std::int32_t>(axis)) -
                         order_.begin()));
  }
  /// Level i of the tree; `from`: which of its parents' entries this is, counted through.
  status fill(std::size_t i, std::int64_t from) {
    if (auto s = work_.spend(1); !s) return s;
    if (i == order_.size()) return put();
    const auto& l = level(i);
    if (l.dense()) {
      for (std::int64_t k = 0; k < l.size(); ++k) {
        at_[i] = k;
        if (auto s = fill(i + 1, from * l.size() + k); !s) return s;
      }
      return unit{};
    }
    const auto segments = l.segments(), indices = l.indices();
    if (from < 0 || from + 1 >= segments.size())
      return malformed("segments of a sparse tensor", std::to_string(segments.size()),
                       "more than " + std::to_string(from + 1));
    const std::int64_t begin = segments[from], end = segments[from + 1];
    if (begin < 0 || end < begin || end > indices.size())
      return malformed("segment of a sparse tensor", std::to_string(end));
    for (std::int64_t k = begin; k < end; ++k) {
      at_[i] = indices[k];
      if (auto s = fill(i + 1, k); !s) return s;
    }
    return unit{};
  }
  status put() {
    const auto rank = as_size(shape_.rank);
    std::vector<std::int64_t> place(rank, 0);
    for (std::size_t i = 0; i < rank; ++i) place[as_size(order_[i])] = at_[i];
    for (std::size_t i = rank; i < order_.size(); ++i) {
      const auto block = as_size(order_[i]) - rank;
      auto& p = place[as_size(blocks_[block])];
      p = p * block_extents_[block] + at_[i];
    }
    std::size_t flat = 0;
    for (std::size_t a = 0; a < rank; ++a) {
      const std::int64_t extent = shape_[static_cast<int>(a)];
      if (place[a] < 0 || place[a] >= extent)
        return malformed("index of a sparse tensor", std::to_string(place[a]),
                         "below " + std::to_string(extent));
      flat = flat * as_size(extent) + as_size(place[a]);
    }
    if ((next_ + 1) * size_ > raw_.size())
      return malformed("elements of a sparse tensor", std::to_string(raw_.size() / size_),
                       "more than " + std::to_string(next_));
    std::memcpy(dense_.data() + flat * size_, raw_.data() + next_ * size_, size_);
    ++next_;
    return unit{};
  }

  dims shape_;
  std::size_t size_;
  work_budget& work_;
  std::vector<std::int32_t> order_, blocks_;
  const tflite_schema::table_vector<tflite_schema::dimension_table>* levels_ = nullptr;
  std::vector<std::int64_t> block_extents_, at_;
  std::span<const std::byte> raw_;
  std::vector<std::byte> dense_;
  std::size_t next_ = 0;
};

}  // namespace import::detail
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_SPARSE_HPP_
