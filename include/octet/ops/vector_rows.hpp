// Where in a tensor PyTorch's element loops run in vectors.
#ifndef OCTET_OPS_VECTOR_ROWS_HPP_
#define OCTET_OPS_VECTOR_ROWS_HPP_

#include "octet/ops/op.hpp"

OCTET_NAMESPACE_BEGIN

/// PyTorch's loops go through memory row by row and take each row's whole blocks in vectors, what
/// is left of it one by one, which rounds differently. A row is as long as the operands' memory
/// allows: the whole tensor where they lie alike without gaps.
struct vector_rows {
  std::int32_t row = -1;  // elements; -1: the tensor is one row, 0: nothing is taken in vectors
  static constexpr auto fields = field_list{field{"row", &vector_rows::row}};

  /// Elements of a row of a tensor of `count`.
  constexpr std::size_t length(std::size_t count) const {
    return row < 0 ? count : static_cast<std::size_t>(row);
  }
  /// Element i is in a whole block of its row.
  constexpr bool in_block(std::size_t i, std::size_t count, std::size_t block) const {
    const std::size_t n = length(count);
    return n >= block && i % n < n / block * block;
  }
  /// All elements are.
  constexpr bool all_in_blocks(std::size_t count, std::size_t block) const {
    const std::size_t n = length(count);
    return n != 0 && n % block == 0;
  }
  /// Calls f(from, to, in_block) for the runs that [begin, end) consists of.
  template <class F>
  constexpr void for_each_run(std::size_t count, std::size_t block, std::size_t begin,
                              std::size_t end, F&& f) const {
    const std::size_t n = length(count), whole = n / block * block;
    while (begin < end) {
      const std::size_t at = n >= block ? begin % n : 0;
      const std::size_t left = n < block ? end - begin : at < whole ? whole - at : n - at;
      const std::size_t to = left < end - begin ? begin + left : end;
      f(begin, to, n >= block && at < whole);
      begin = to;
    }
  }
};

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_VECTOR_ROWS_HPP_
