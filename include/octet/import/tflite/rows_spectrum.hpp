// TFLite operators on complex numbers, which the graph holds as pairs along a last axis: RFFT2D,
// COMPLEX_ABS, REAL, IMAG.
#ifndef OCTET_IMPORT_TFLITE_ROWS_SPECTRUM_HPP_
#define OCTET_IMPORT_TFLITE_ROWS_SPECTRUM_HPP_

#include "octet/import/tflite/rows_shape.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::tflite_rows {

/// Whether input 0 and output 0 are of complex numbers.
inline status need_complex(const tflite_node& n, bool in, bool out) {
  if (n.is_complex(n.in_id(0)) == in && n.is_complex(n.out_id()) == out) return unit{};
  const auto text = [](bool a, bool b) {
    return std::string(a ? "complex64" : "real") + " to " + (b ? "complex64" : "real");
  };
  return invalid("element types", text(n.is_complex(n.in_id(0)), n.is_complex(n.out_id())),
                 text(in, out));
}
inline status rfft2d(tflite_node& n) {
  if (auto s = need_inputs(n, 2); !s) return s;
  if (auto s = need_complex(n, false, true); !s) return s;
  if (n.in(0).type != dtype::f32)
    return unsupported("element type", std::string(name_of(n.in(0).type)), "float32");
  const auto length = n.integers(1);
  if (length.size() != 2) return unsupported("a transform whose size is computed at run time");
  for (const std::int64_t e : length)
    if (e < 1 || e > most_transform || !is_transform(static_cast<std::int32_t>(e)) || length[1] < 2)
      return unsupported("size of the transform",
                         std::to_string(length[0]) + "x" + std::to_string(length[1]),
                         "powers of 2, the width at least 2");
  attributes a;
  a.set("height", length[0]);
  a.set("width", length[1]);
  return n.emit(ops::rfft2d, {n.in_id(0)}, n.outs(), std::move(a));
}
inline status complex_abs(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (auto s = need_complex(n, true, false); !s) return s;
  return n.emit(ops::complex_abs);
}
/// Of each pair the element `Part`.
template <std::int64_t Part> status part_of_complex(tflite_node& n) {
  if (auto s = need_inputs(n, 1); !s) return s;
  if (auto s = need_complex(n, true, false); !s) return s;
  attributes a;
  a.set("begin", std::vector<std::int64_t>{0, Part});
  a.set("end", std::vector<std::int64_t>{0, Part + 1});
  a.set("strides", std::vector<std::int64_t>{1, 1});
  a.set("ellipsis_mask", std::int64_t{1});
  a.set("shrink_axis_mask", std::int64_t{2});
  return n.emit(ops::strided_slice, std::move(a));
}

inline constexpr tflite_row spectrum_rows[] = {
    {"RFFT2D", &rfft2d},
    {"IMAG", &part_of_complex<1>},
    {"REAL", &part_of_complex<0>},
    {"COMPLEX_ABS", &complex_abs},
};

inline constexpr std::string_view complex_movements[] = {"RESHAPE", "SQUEEZE", "EXPAND_DIMS"};
/// Whether an operator's operands may be complex numbers.
constexpr bool takes_complex(std::int32_t code) {
  for (const tflite_row& r : spectrum_rows)
    if (r.code == code) return true;
  const std::string_view name = tflite_schema::builtin_name(code);
  for (const std::string_view m : complex_movements)
    if (m == name) return true;
  return false;
}
inline std::string complex_takers() {
  std::string list = "of";
  for (const tflite_row& r : spectrum_rows) list += " " + std::string(r.name);
  for (const std::string_view m : complex_movements) list += " " + std::string(m);
  return list;
}

}  // namespace import::tflite_rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_ROWS_SPECTRUM_HPP_
