// Values of the serialized program: what pickles hold and what its code computes.
#ifndef OCTET_IMPORT_TORCH_VALUE_HPP_
#define OCTET_IMPORT_TORCH_VALUE_HPP_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "octet/graph/graph.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// Element types with PyTorch's own codes, as the serialized code spells them.
enum class scalar : std::int8_t {
  u8 = 0,
  s8 = 1,
  s16 = 2,
  s32 = 3,
  s64 = 4,
  f16 = 5,
  f32 = 6,
  f64 = 7,
  boolean = 11,
  qint8 = 12,
  quint8 = 13,
  qint32 = 14,
  bf16 = 15,
  quint4x2 = 16,  // two to a byte: weights of embeddings alone
  unknown = -1
};
constexpr bool is_quantized(scalar s) noexcept {
  return s == scalar::qint8 || s == scalar::quint8 || s == scalar::qint32 || s == scalar::quint4x2;
}
constexpr std::string_view name_of(scalar s) noexcept {
  switch (s) {
    case scalar::u8: return "uint8";
    case scalar::s8: return "int8";
    case scalar::s16: return "int16";
    case scalar::s32: return "int32";
    case scalar::s64: return "int64";
    case scalar::f16: return "float16";
    case scalar::f32: return "float32";
    case scalar::f64: return "float64";
    case scalar::boolean: return "bool";
    case scalar::qint8: return "qint8";
    case scalar::quint8: return "quint8";
    case scalar::qint32: return "qint32";
    case scalar::bf16: return "bfloat16";
    case scalar::quint4x2: return "quint4x2";
    case scalar::unknown: break;
  }
  return "?";
}
/// How octet holds the elements. bfloat16 has no dtype of its own: as uint16 bits.
constexpr dtype dtype_of_scalar(scalar s) noexcept {
  switch (s) {
    case scalar::u8:
    case scalar::quint4x2:
    case scalar::quint8: return dtype::u8;
    case scalar::s8:
    case scalar::qint8: return dtype::s8;
    case scalar::s16: return dtype::s16;
    case scalar::s32:
    case scalar::qint32: return dtype::s32;
    case scalar::s64: return dtype::s64;
    case scalar::f16: return dtype::f16;
    case scalar::f64: return dtype::f64;
    case scalar::boolean: return dtype::boolean;
    case scalar::bf16: return dtype::u16;
    case scalar::f32:
    case scalar::unknown: break;
  }
  return dtype::f32;
}

/// Plain values; unknown: there are none of that type.
constexpr scalar scalar_of_dtype(dtype t) noexcept {
  switch (t) {
    case dtype::u8: return scalar::u8;
    case dtype::s8: return scalar::s8;
    case dtype::s16: return scalar::s16;
    case dtype::s32: return scalar::s32;
    case dtype::s64: return scalar::s64;
    case dtype::f32: return scalar::f32;
    case dtype::f64: return scalar::f64;
    case dtype::boolean: return scalar::boolean;
    case dtype::f16: return scalar::f16;
    case dtype::u16:
    case dtype::u32:
    case dtype::u64: break;
  }
  return scalar::unknown;
}

enum class kind : std::uint8_t {
  none,
  boolean,
  integer,
  real,
  string,
  list,
  tuple,
  dict,
  object,
  storage,
  tensor,
  packed,
  global,
  unknown
};
constexpr std::string_view name_of(kind k) noexcept {
  switch (k) {
    case kind::none: return "None";
    case kind::boolean: return "bool";
    case kind::integer: return "int";
    case kind::real: return "float";
    case kind::string: return "str";
    case kind::list: return "list";
    case kind::tuple: return "tuple";
    case kind::dict: return "dict";
    case kind::object: return "object";
    case kind::storage: return "storage";
    case kind::tensor: return "Tensor";
    case kind::packed: return "packed parameters";
    case kind::global: return "a global name";
    case kind::unknown: return "the result of an unsupported operator";
  }
  return no_enumerator;
}

struct cell;
struct storage_data;
struct tensor_data;
struct packed_data;

/// A small handle. What it points to belongs to a `heap`, so that cyclic structures of hostile
/// files are freed like all others.
struct value {
  kind what = kind::none;
  union {
    std::int64_t i = 0;
    bool b;
    double d;
    cell* c;
    storage_data* s;
    tensor_data* t;
    packed_data* p;
  };
  static value of(bool v) {
    value r;
    r.what = kind::boolean;
    r.b = v;
    return r;
  }
  static value of(std::int64_t v) {
    value r;
    r.what = kind::integer;
    r.i = v;
    return r;
  }
  static value of(double v) {
    value r;
    r.what = kind::real;
    r.d = v;
    return r;
  }
  /// A result nobody knows; the cell, where there is one, says of what.
  static value unknown() {
    value r;
    r.what = kind::unknown;
    r.c = nullptr;
    return r;
  }
  bool is(kind k) const noexcept { return what == k; }
  bool is_sequence() const noexcept { return what == kind::list || what == kind::tuple; }
  bool has_cell() const noexcept {
    return what == kind::string || what == kind::list || what == kind::tuple ||
           what == kind::dict || what == kind::object || what == kind::global;
  }
};

/// Strings, lists, tuples, dicts, objects, global names.
struct cell {
  std::string text;          // string; global: qualified name; object: qualified class name
  std::vector<value> items;  // list, tuple; dict: key, value, key, value; object: its state, if any
  std::map<std::string, value> attrs;  // object
  std::string path;                    // object: attribute names from the root, "features.3.conv.0"
  bool built = false;                  // object: attrs are filled from the state
  std::uint8_t mark = 0;               // of the cycle check
};

/// The bytes behind one or more tensors.
struct storage_data {
  scalar type = scalar::unknown;
  std::int64_t elements = 0;
  std::string member;  // in the archive
};

/// A tensor of the program: a constant of the file, or a value of the graph under construction.
struct tensor_data {
  scalar type = scalar::f32;
  std::vector<std::int64_t> size, stride;  // as PyTorch has them (NCHW), in elements
  std::vector<double> scales;  // empty: not quantized; one: per tensor; else per index along `axis`
  std::vector<std::int32_t> zero_points;
  std::int32_t axis = 0;
  const tensor_data* channel_scales =
      nullptr;  // per channel, as the file has them: float64 [C] and int64 [C]
  const tensor_data* channel_zero_points = nullptr;

  const storage_data* storage = nullptr;  // constants
  std::int64_t offset = 0;  // elements: in the storage, or in the memory that views share

  tensor_id id = no_tensor;     // values of the graph
  bool channels_inner = false;  // the IR holds it with the channel axis (1) moved to the end: NHWC
                                // for NCHW, NLC for NCL

  std::size_t serial = 0;  // how many were made before it
  std::size_t memory = 0;  // views of one number share memory, by offset and strides; 0: its own
  std::size_t writes = 0;  // how many of the memory's writes it shows
  bool view = false;       // of the operand of the operator that made it: no copy
  bool stale = false;      // the file's, and changed in place: other calls would find it changed

  bool constant() const noexcept { return storage != nullptr; }
  int rank() const noexcept { return static_cast<int>(size.size()); }
  std::int64_t elements() const noexcept {
    std::int64_t n = 1;
    for (std::int64_t v : size) n *= v;
    return n;
  }
};

/// Parameters of a convolution, linear operator, embedding or recurrent layer, whatever form the
/// file gave them.
struct packed_data {
  bool linear = false, transposed = false;
  bool embedding = false;     // weight [rows, width] with a scale and a zero point for each row
  bool half = false;          // linear: the weight is rounded to float16
  bool reduce_range = false;  // recurrent: of its dynamic layers
  const packed_data* input = nullptr;  // recurrent: the layers on input and state, both linear
  const packed_data* state = nullptr;
  std::int32_t spatial = 2;  // 1: conv1d (weights have H = 1), 2: conv2d, 3: conv3d
  const tensor_data* weight =
      nullptr;  // linear: [out,in]; conv: [O,I/g,kh,kw]; transposed: [I,O/g,kh,kw]
  const tensor_data* bias = nullptr;  // float, or absent
  std::vector<std::int64_t> stride, padding, dilation, output_padding;
  std::int64_t groups = 1;
  std::string path;
};

/// Owns what values point to. Counts, so that no program or pickle can fill the memory: large
/// networks take a megabyte.
class heap {
 public:
  static constexpr std::size_t most_bytes = std::size_t{1} << 26;

  /// Counts list elements and text too: lists that double in a loop are refused before they fill
  /// the memory.
  bool full() const noexcept { return bytes_ >= most_bytes; }
  /// `n` items of a list, or what takes as much.
  bool room_for(std::size_t n) const noexcept {
    return n < most_bytes / sizeof(value) && bytes_ + n * sizeof(value) < most_bytes;
  }
  /// Memory that belongs to no cell: a stack, a longer list, names made of others.
  void count(std::size_t bytes) noexcept { bytes_ = saturating_add(bytes_, bytes); }
  value make(kind k, std::string text = {}) {
    count(sizeof(cell) + text.size());
    cells_.emplace_back();
    cells_.back().text = std::move(text);
    value v;
    v.what = k;
    v.c = &cells_.back();
    return v;
  }
  value not_computed(std::string of) { return make(kind::unknown, std::move(of)); }
  value string(std::string s) { return make(kind::string, std::move(s)); }
  value list(std::vector<value> items, kind k = kind::list) {
    value v = make(k);
    count(items.size() * sizeof(value));
    v.c->items = std::move(items);
    return v;
  }
  value integers(const std::vector<std::int64_t>& from) {
    std::vector<value> items;
    for (std::int64_t i : from) items.push_back(value::of(i));
    return list(std::move(items));
  }
  value storage(storage_data s) {
    count(sizeof s + s.member.size());
    storages_.push_back(std::move(s));
    value v;
    v.what = kind::storage;
    v.s = &storages_.back();
    return v;
  }
  value tensor(tensor_data t) {
    count(sizeof t + (t.size.size() + t.stride.size() + t.scales.size()) * sizeof(double) +
          t.zero_points.size() * sizeof(std::int32_t));
    t.serial = tensors_.size();
    tensors_.push_back(std::move(t));
    value v;
    v.what = kind::tensor;
    v.t = &tensors_.back();
    return v;
  }
  /// How many tensors were made.
  std::size_t tensors() const noexcept { return tensors_.size(); }
  value packed(packed_data p) {
    count(sizeof p);
    packed_.push_back(std::move(p));
    value v;
    v.what = kind::packed;
    v.p = &packed_.back();
    return v;
  }

 private:
  std::deque<cell> cells_;
  std::deque<storage_data> storages_;
  std::deque<tensor_data> tensors_;
  std::deque<packed_data> packed_;
  std::size_t bytes_ = 0;
};

/// Arguments given by name.
using keyword_arguments = std::vector<std::pair<std::string, value>>;

/// Last component of a qualified name.
inline std::string_view last_name(std::string_view qualified) {
  const std::size_t dot = qualified.rfind('.');
  return dot == std::string_view::npos ? qualified : qualified.substr(dot + 1);
}

/// Reads a list or tuple of integers; false where it is not one.
inline bool read_integers(const value& v, std::vector<std::int64_t>& to) {
  to.clear();
  if (!v.is_sequence()) return false;
  for (const value& e : v.c->items) {
    if (!e.is(kind::integer)) return false;
    to.push_back(e.i);
  }
  return true;
}

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_VALUE_HPP_
