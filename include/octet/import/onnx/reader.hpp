// From the bytes of an ONNX file (protobuf) to a model. Every field's wire type, every size and
// every count is checked before it is used.
#ifndef OCTET_IMPORT_ONNX_READER_HPP_
#define OCTET_IMPORT_ONNX_READER_HPP_

#if !defined(__cpp_exceptions)
#error "octet/import/onnx.hpp: its definitions need exceptions, which protozero throws"
#endif

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <protozero/pbf_reader.hpp>
#include <set>

#include "octet/core/limits.hpp"
#include "octet/import/common/file.hpp"
#include "octet/import/onnx/fields.hpp"
#include "octet/import/onnx/model.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model {

/// Thrown inside the reader; read_model() makes a result of it.
struct reader_failure {
  error_info error;
};

/// One protobuf message. A field of another wire type than the file format says is an error.
class message {
 public:
  explicit message(std::string_view bytes) : r_(bytes.data(), bytes.size()) {}
  /// The next field; its value is then taken by exactly one of the functions below.
  bool next() { return r_.next(); }
  std::uint32_t tag() const { return r_.tag(); }
  void skip() { r_.skip(); }

  std::string_view bytes() {
    expect(protozero::pbf_wire_type::length_delimited);
    const auto v = r_.get_view();
    return {v.data(), v.size()};
  }
  std::string text() { return std::string(bytes()); }
  std::int64_t integer() {
    expect(protozero::pbf_wire_type::varint);
    return r_.get_int64();
  }
  float real() {
    expect(protozero::pbf_wire_type::fixed32);
    return r_.get_float();
  }
  /// A byte of the file becomes eight in memory: half of limits::constant_bytes. Writers store more
  /// than a few numbers as raw bytes.
  static constexpr std::size_t most_integers = std::size_t{1} << 24;
  // Repeated fields, packed or one at a time: appended.
  void integers(std::vector<std::int64_t>& to) {
    const auto make_room = [&](std::size_t more) {
      if (more > most_integers - std::min(to.size(), most_integers))
        throw reader_failure{
            import::too_large("integers of protobuf field " + std::to_string(r_.tag()),
                              "more than " + std::to_string(most_integers))};
    };
    if (!packed()) {
      make_room(1);
      return to.push_back(integer());
    }
    const auto list = r_.get_packed_int64();
    make_room(list.size());
    to.reserve(to.size() + list.size());
    for (std::int64_t v : list) to.push_back(v);
  }
  void reals(std::vector<float>& to) {
    if (!packed()) return to.push_back(real());
    for (float v : r_.get_packed_float()) to.push_back(v);
  }
  void wide_reals(std::vector<double>& to) {
    if (packed()) {
      for (double v : r_.get_packed_double()) to.push_back(v);
      return;
    }
    expect(protozero::pbf_wire_type::fixed64);
    to.push_back(r_.get_double());
  }

 private:
  bool packed() const { return r_.has_wire_type(protozero::pbf_wire_type::length_delimited); }
  void expect(protozero::pbf_wire_type t) const {
    if (!r_.has_wire_type(t))
      throw reader_failure{
          import::malformed("wire type of protobuf field " + std::to_string(r_.tag()))};
  }
  protozero::pbf_reader r_;
};

class reader {
 public:
  /// folder: of the file; empty: bytes in memory, which have no files beside them.
  reader(std::string folder, const limits& max) : folder_(std::move(folder)), max_(max) {}

  model read(std::string_view bytes) {
    std::optional<std::string_view> graph_bytes;
    bool opset_given = false, any_opset = false;
    std::vector<std::string_view> functions;
    for (message m(bytes); m.next();) {
      switch (m.tag()) {
        case model_field::ir_version: model_.ir_version = m.integer(); break;
        case model_field::graph: graph_bytes = m.bytes(); break;
        case model_field::opset_import:
          any_opset = true;
          opset_given |= read_opset(m.bytes(), model_.opset);
          break;
        case model_field::functions: functions.push_back(m.bytes()); break;
        default: m.skip();
      }
    }
    if (!graph_bytes) fail(import::malformed("an ONNX file without a graph"));
    // As ONNX Runtime has it: one must be said, and of a domain of which nothing is it is the
    // newest.
    if (!any_opset) fail(import::malformed("no opset_import", {}, "the opset of ai.onnx"));
    if (!opset_given) model_.opset = newest_opset;
    if (model_.ir_version < 1) fail(import::malformed("ir_version", text(model_.ir_version)));
    if (model_.ir_version > newest_ir_version)
      fail(unsupported("ir_version", text(model_.ir_version), "1 to " + text(newest_ir_version)));
    read_graph(*graph_bytes, model_);
    for (const std::string_view f : functions) model_.functions.push_back(read_function(f));
    return std::move(model_);
  }

 private:
  [[noreturn]] static void fail(error_info e) { throw reader_failure{std::move(e)}; }
  static void check(const status& s) {
    if (!s) fail(s.error());
  }
  static constexpr std::int64_t newest_ir_version = 14;  // ONNX Runtime 1.32's
  static std::string text(std::int64_t v) { return std::to_string(v); }
  static std::string domain(std::string d) { return d == "ai.onnx" ? std::string() : d; }

  static bool read_opset(std::string_view bytes, std::int64_t& opset) {
    std::string name;
    std::int64_t version = 0;
    for (message m(bytes); m.next();) {
      switch (m.tag()) {
        case opset_field::domain: name = m.text(); break;
        case opset_field::version: version = m.integer(); break;
        default: m.skip();
      }
    }
    if (!domain(name).empty()) return false;
    opset = version;
    return true;
  }
  function read_function(std::string_view bytes) {
    function f;
    for (message m(bytes); m.next();) {
      switch (m.tag()) {
        case function_field::name: f.name = m.text(); break;
        case function_field::input: f.in.push_back(m.text()); break;
        case function_field::output: f.out.push_back(m.text()); break;
        case function_field::node:
          check(within_limit(&limits::nodes, max_, "nodes of the file", ++nodes_));
          f.nodes.push_back(read_node(m.bytes()));
          break;
        case function_field::opset_import: read_opset(m.bytes(), f.opset); break;
        case function_field::domain: f.domain = domain(m.text()); break;
        case function_field::attribute_proto: {
          std::string name;
          attribute a = read_attribute(m.bytes(), name);
          f.defaults.insert_or_assign(std::move(name), std::move(a));
          break;
        }
        case function_field::overload: f.overload = m.text(); break;
        default: m.skip();
      }
    }
    return f;
  }

  void read_graph(std::string_view bytes, graph_part& to) {
    check(within_limit(&limits::depth, max_, "graphs within one another", ++depth_));
    for (message m(bytes); m.next();) {
      switch (m.tag()) {
        case graph_field::node:
          check(within_limit(&limits::nodes, max_, "nodes of the file", ++nodes_));
          to.nodes.push_back(read_node(m.bytes()));
          break;
        case graph_field::initializer: {
          std::string name;
          array a = read_tensor(m.bytes(), name);
          if (name.empty()) fail(import::malformed("an initializer without a name"));
          if (!to.constants.emplace(name, std::move(a)).second)
            fail(import::malformed("two initializers named \"" + name + "\""));
          break;
        }
        case graph_field::input: to.inputs.push_back(read_value_info(m.bytes())); break;
        case graph_field::output: to.outputs.push_back(read_value_info(m.bytes())); break;
        case graph_field::value_info: {
          value_info v = read_value_info(m.bytes());
          if (v.has_shape && v.extents.size() <= dims::max_rank) to.between.push_back(std::move(v));
          break;
        }
        case graph_field::sparse_initializer: fail(unsupported("sparse initializers"));
        default: m.skip();
      }
    }
    --depth_;
  }
  static std::string text_of(std::size_t v) { return std::to_string(v); }

  node read_node(std::string_view bytes) {
    node n;
    for (message m(bytes); m.next();) {
      switch (m.tag()) {
        case node_field::input: n.in.push_back(m.text()); break;
        case node_field::output: n.out.push_back(m.text()); break;
        case node_field::name: n.name = m.text(); break;
        case node_field::op_type: n.op = m.text(); break;
        case node_field::attribute: {
          std::string name;
          attribute a = read_attribute(m.bytes(), name);
          n.attributes.insert_or_assign(std::move(name), std::move(a));
          break;
        }
        case node_field::domain: n.domain = domain(m.text()); break;
        case node_field::overload: n.overload = m.text(); break;
        default: m.skip();
      }
    }
    find_captures(n);
    return n;
  }

  attribute read_attribute(std::string_view bytes, std::string& name) {
    attribute a;
    for (message m(bytes); m.next();) {
      switch (m.tag()) {
        case attribute_field::name: name = m.text(); break;
        case attribute_field::f: a.real = m.real(); break;
        case attribute_field::i: a.integer = m.integer(); break;
        case attribute_field::s: a.text = m.text(); break;
        case attribute_field::t: {
          std::string ignored;
          a.tensor = read_tensor(m.bytes(), ignored);
          break;
        }
        case attribute_field::g: {
          auto part = std::make_shared<graph_part>();
          read_graph(m.bytes(), *part);
          a.graph = std::move(part);
          break;
        }
        case attribute_field::floats: m.reals(a.reals); break;
        case attribute_field::ints: m.integers(a.integers); break;
        case attribute_field::strings: a.texts.push_back(m.text()); break;
        case attribute_field::ref_attr_name: a.of_call = m.text(); break;
        case attribute_field::tensors:
        case attribute_field::graphs:
        case attribute_field::tp:
        case attribute_field::type_protos:
        case attribute_field::sparse_tensor:
        case attribute_field::sparse_tensors:
          a.unread = true;
          m.skip();
          break;
        default: m.skip();
      }
    }
    return a;
  }

  value_info read_value_info(std::string_view bytes) {
    value_info v;
    std::optional<std::string_view> type;
    for (message m(bytes); m.next();) {
      switch (m.tag()) {
        case value_info_field::name: v.name = m.text(); break;
        case value_info_field::type: type = m.bytes(); break;
        default: m.skip();
      }
    }
    if (!type) return v;
    v.type_name = "not a tensor";
    for (message m(*type); m.next();) {
      if (m.tag() != type_field::tensor_type) {
        m.skip();
        continue;
      }
      for (message t(m.bytes()); t.next();) {
        switch (t.tag()) {
          case tensor_type_field::elem_type: {
            const std::int64_t code = t.integer();
            v.type_name = data_type_name(code);
            if (const data_type_row* r = find_data_type(code)) v.type = r->type;
            break;
          }
          case tensor_type_field::shape:
            v.has_shape = true;
            read_shape(t.bytes(), v);
            break;
          default: t.skip();
        }
      }
    }
    return v;
  }
  void read_shape(std::string_view bytes, value_info& v) {
    for (message m(bytes); m.next();) {
      if (m.tag() != shape_field::dim) {
        m.skip();
        continue;
      }
      std::int64_t extent = -1;
      std::string symbol;
      for (message d(m.bytes()); d.next();) {
        switch (d.tag()) {
          case dimension_field::dim_value: extent = d.integer(); break;
          case dimension_field::dim_param: symbol = d.text(); break;
          default: d.skip();
        }
      }
      v.extents.push_back(extent);
      v.symbols.push_back(std::move(symbol));
    }
  }

  // ---- tensors ----

  struct external_place {
    std::string location;
    std::optional<std::int64_t> offset, length;
  };
  static external_place& place_of(std::string_view bytes, external_place& to) {
    std::string key, value;
    for (message m(bytes); m.next();) {
      switch (m.tag()) {
        case entry_field::key: key = m.text(); break;
        case entry_field::value: value = m.text(); break;
        default: m.skip();
      }
    }
    const auto number = [&]() -> std::int64_t {
      std::int64_t v = 0;
      bool digits = !value.empty() && value.size() < 19;
      for (char c : value) {
        digits &= c >= '0' && c <= '9';
        v = digits ? v * 10 + (c - '0') : v;
      }
      if (!digits) fail(import::malformed("external data, " + key, value, "a number of bytes"));
      return v;
    };
    if (key == "location") to.location = value;
    if (key == "offset") to.offset = number();
    if (key == "length") to.length = number();
    return to;
  }

  array read_tensor(std::string_view bytes, std::string& name) {
    std::vector<std::int64_t> extents, integers, wide;
    std::vector<float> reals;
    std::vector<double> doubles;
    std::optional<std::string_view> raw;
    std::int64_t code = 0, location = data_location::in_file;
    external_place place;
    bool texts = false;
    for (message m(bytes); m.next();) {
      switch (m.tag()) {
        case tensor_field::dims: m.integers(extents); break;
        case tensor_field::data_type: code = m.integer(); break;
        case tensor_field::segment: fail(unsupported("a tensor in segments"));
        case tensor_field::float_data: m.reals(reals); break;
        case tensor_field::int32_data: m.integers(integers); break;
        case tensor_field::string_data:
          texts = true;
          m.skip();
          break;
        case tensor_field::int64_data:
        case tensor_field::uint64_data: m.integers(wide); break;
        case tensor_field::name: name = m.text(); break;
        case tensor_field::raw_data: raw = m.bytes(); break;
        case tensor_field::double_data: m.wide_reals(doubles); break;
        case tensor_field::external_data: place_of(m.bytes(), place); break;
        case tensor_field::data_location: location = m.integer(); break;
        default: m.skip();
      }
    }
    const std::string what = "tensor \"" + name + "\"";
    const narrow_type* narrow = find_narrow_type(code);
    const auto type = narrow ? result<dtype>(narrow->type) : element_type(code, what);
    if (!type) fail(type.error());
    array a;
    a.type = *type;
    a.shape = shape_of(extents, what);
    const std::size_t count = a.elements();
    const std::size_t size =
        narrow ? bytes_of_narrow(count, narrow->bits) : bytes_of(Elements(count), a.type).value;
    check(verify_size(a.shape, a.type, max_, what));
    constants_ = saturating_add(constants_, narrow ? count : size);
    check(within_limit(&limits::constant_bytes, max_, "bytes of all constants", constants_));
    if (texts) fail(import::malformed(what + " has texts for elements"));
    if (location != data_location::in_file) {
      if (location != data_location::external)
        fail(unsupported("data_location of " + what, text(location)));
      a.data = external(place, size, what);
    } else if (raw) {
      check_size(what, raw->size(), size, "bytes");
      a.data = constant_data::copy(std::as_bytes(std::span(raw->data(), raw->size())));
    } else {
      a.data = typed(narrow ? dtype::u8 : a.type, narrow ? size : count, reals, doubles, integers,
                     wide, what);
    }
    if (narrow) {
      a.data = widened(a.data.bytes, count, *narrow);
      a.narrow_bits = narrow->bits;
    }
    if (a.type == dtype::boolean)
      for (std::byte b : a.data.bytes)
        if (static_cast<unsigned>(b) > 1) fail(import::malformed(what + " has a bool above 1"));
    return a;
  }
  static std::size_t bytes_of_narrow(std::size_t count, int bits) {
    const auto each = static_cast<std::size_t>(CHAR_BIT / bits);
    return count / each + (count % each != 0);
  }
  /// A byte for each element.
  static constant_data widened(std::span<const std::byte> packed, std::size_t count,
                               const narrow_type& t) {
    const int values = 1 << t.bits, middle = t.type == dtype::s8 ? values / 2 : values;
    std::vector<std::uint8_t> to(count);
    for (std::size_t i = 0; i < count; ++i) {
      const int v = few_bits(packed, 0, i, t.bits);
      to[i] = static_cast<std::uint8_t>(v >= middle ? v - values : v);
    }
    return constant_data::of(std::span<const std::uint8_t>(to));
  }
  static void check_size(const std::string& what, std::size_t found, std::size_t wanted,
                         const char* unit) {
    if (found != wanted)
      fail(import::malformed("data of " + what, text_of(found) + " " + unit,
                             text_of(wanted) + " for its shape"));
  }
  static dims shape_of(const std::vector<std::int64_t>& extents, const std::string& what) {
    if (extents.size() > dims::max_rank)
      fail(unsupported("rank of " + what, text_of(extents.size()), "at most 8"));
    dims d;
    for (std::int64_t v : extents) {
      if (v < 0 || v > INT32_MAX) fail(import::malformed("extent of " + what, text(v)));
      d.push_back(static_cast<std::int32_t>(v));
    }
    check(verify_shape(d, what));
    return d;
  }
  /// Narrow types sit in int32_data, uint32 and uint64 in uint64_data.
  static constant_data typed(dtype t, std::size_t count, const std::vector<float>& reals,
                             const std::vector<double>& doubles,
                             const std::vector<std::int64_t>& integers,
                             const std::vector<std::int64_t>& wide, const std::string& what) {
    const auto of = [&]<class T, class From>(T, const std::vector<From>& from) {
      check_size(what, from.size(), count, "elements");
      std::vector<T> to;
      to.reserve(count);
      for (From v : from) {
        if constexpr (std::is_integral_v<T> && sizeof(T) < 8)
          if (v < std::int64_t{std::numeric_limits<T>::min()} ||
              v > std::int64_t{std::numeric_limits<T>::max()})
            fail(import::malformed("an element of " + what, text(v)));
        to.push_back(static_cast<T>(v));
      }
      return constant_data::of(std::span<const T>(to));
    };
    switch (t) {
      case dtype::f32: return of(float{}, reals);
      case dtype::f64: return of(double{}, doubles);
      case dtype::s8: return of(std::int8_t{}, integers);
      case dtype::u8:
      case dtype::boolean: return of(std::uint8_t{}, integers);
      case dtype::s16: return of(std::int16_t{}, integers);
      case dtype::u16:
      case dtype::f16: return of(std::uint16_t{}, integers);
      case dtype::s32: return of(std::int32_t{}, integers);
      case dtype::u32: return of(std::uint32_t{}, wide);
      case dtype::s64: return of(std::int64_t{}, wide);
      case dtype::u64: return of(std::uint64_t{}, wide);
    }
    return {};
  }
  /// Part of a file in the model's own folder.
  constant_data external(const external_place& p, std::size_t size, const std::string& what) {
    if (folder_.empty())
      fail(unsupported("external data of " + what, p.location, "a model that is read from a file"));
    const import::file_bytes& file = beside(p.location, what);
    const auto offset = as_size(p.offset.value_or(0));
    if (p.length) check_size(what, as_size(*p.length), size, "bytes");
    if (offset > file.bytes.size() || size > file.bytes.size() - offset)
      fail(import::malformed("external data of " + what,
                             text_of(offset) + " + " + text_of(size) + " bytes",
                             text_of(file.bytes.size()) + " in " + p.location));
    return constant_data::copy(file.bytes.subspan(offset, size));
  }
  const import::file_bytes& beside(const std::string& location, const std::string& what) {
    namespace fs = std::filesystem;
    const fs::path relative(location);
    bool inside = !location.empty() && location.find('\\') == location.npos &&
                  location.find('\0') == location.npos && relative.is_relative();
    for (const fs::path& part : relative) inside &= part != "..";
    std::error_code e;
    const fs::path root = fs::canonical(folder_, e);
    fs::path real;
    if (inside && !e) {  // nor may a link lead out of the folder
      real = fs::weakly_canonical(root / relative, e);
      const auto [a, b] = std::mismatch(root.begin(), root.end(), real.begin(), real.end());
      inside = !e && a == root.end();
      static_cast<void>(b);
    }
    if (!inside || e)
      fail(unsupported("place of external data of " + what, location,
                       "a file in the model's folder"));
    // One file is read once, by whatever names the tensors call it.
    if (const auto it = files_.find(real.string()); it != files_.end()) return it->second;
    auto file = import::map_file(real.string(), max_);
    if (!file) fail(file.error());
    return files_.emplace(real.string(), std::move(*file)).first->second;
  }

  std::string folder_;
  limits max_;
  model model_;
  std::map<std::string, import::file_bytes> files_;
  std::size_t constants_ = 0;  // bytes
  std::size_t nodes_ = 0, depth_ = 0;
};

/// folder: where external data is; empty: there is none.
inline result<model> read_model(std::span<const std::byte> bytes, const std::string& folder,
                                const limits& max) {
  try {
    return reader(folder, max).read({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  } catch (const reader_failure& f) {
    return f.error;
  } catch (const protozero::exception& e) {
    return import::malformed("not a valid protobuf message", e.what());
  }
}

}  // namespace onnx_model
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_READER_HPP_
