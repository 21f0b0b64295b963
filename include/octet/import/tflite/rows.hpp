// The TFLite loader's table: the rows that convert operators, one file per family.
#ifndef OCTET_IMPORT_TFLITE_ROWS_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_HPP_

#include <array>

#include "octet/import/tflite/context.hpp"
#include "octet/import/tflite/rows_activation.hpp"
#include "octet/import/tflite/rows_binary.hpp"
#include "octet/import/tflite/rows_conv.hpp"
#include "octet/import/tflite/rows_data.hpp"
#include "octet/import/tflite/rows_elementwise.hpp"
#include "octet/import/tflite/rows_matrix.hpp"
#include "octet/import/tflite/rows_movement.hpp"
#include "octet/import/tflite/rows_pool.hpp"
#include "octet/import/tflite/rows_recurrent.hpp"
#include "octet/import/tflite/rows_shape.hpp"
#include "octet/import/tflite/rows_spectrum.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

namespace detail {
inline constexpr std::span<const tflite_row> tflite_families[] = {
    tflite_rows::activation_rows, tflite_rows::conv_rows,      tflite_rows::elementwise_rows,
    tflite_rows::pool_rows,       tflite_rows::recurrent_rows, tflite_rows::shape_rows,
    tflite_rows::binary_rows,     tflite_rows::movement_rows,  tflite_rows::matrix_rows,
    tflite_rows::data_rows,       tflite_rows::spectrum_rows,
};
}  // namespace detail

namespace detail {
inline constexpr auto tflite_rows_by_code = [] {
  std::array<const tflite_row*, std::size(tflite_schema::builtin_operators)> rows{};
  for (const auto& family : tflite_families)
    for (const tflite_row& r : family) rows[as_size(r.code)] = &r;
  return rows;
}();
}  // namespace detail

/// The row of a builtin operator; null where octet has none.
constexpr const tflite_row* find_tflite_row(std::int32_t code) {
  const auto& rows = detail::tflite_rows_by_code;
  return code >= 0 && as_size(code) < rows.size() ? rows[as_size(code)] : nullptr;
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_HPP_
