// What an operator is: attributes, a shape rule, a way to prepare its params, a reference. One file per operator, one row in ops/list.hpp.
#ifndef OCTET_OPS_OP_HPP_
#define OCTET_OPS_OP_HPP_

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "octet/core/buffer.hpp"
#include "octet/core/error.hpp"
#include "octet/kernels/kernel.hpp"

namespace octet::inline OCTET_ABI {

// ---------------------------------------------------------------------------------------------------------------- descriptions

/// What a rule sees of a tensor: everything but the data. Usable in constant evaluation. The spans' memory belongs to the graph.
struct tensor_desc {
  dtype type = dtype::f32;
  dims shape;
  std::span<const double> scales{};             // empty: not quantized; one: per tensor; else one per index along `axis`
  std::span<const std::int32_t> zero_points{};  // empty: 0; one: for all
  std::int32_t axis = -1;

  constexpr bool quantized() const { return !scales.empty(); }
  constexpr bool per_channel() const { return scales.size() > 1; }
  constexpr double scale(std::size_t c = 0) const { return scales.empty() ? 1.0 : scales.size() == 1 ? scales[0] : scales[c]; }
  constexpr float scale_f32(std::size_t c = 0) const { return static_cast<float>(scale(c)); }
  constexpr std::int32_t zero_point(std::size_t c = 0) const { return zero_points.empty() ? 0 : zero_points.size() == 1 ? zero_points[0] : zero_points[c]; }
  constexpr bool same_quantization(const tensor_desc& o) const {
    return scales.size() == o.scales.size() && std::equal(scales.begin(), scales.end(), o.scales.begin()) && zero_point() == o.zero_point();
  }
};

/// The rules an operator can find broken. Loaded files report it as text, typed graphs as a template argument.
enum class rule : std::uint8_t { ok, rank, shapes_differ, channels, weight_count, bias_count, axis, groups, stride, window, dtypes, quantization, element_count, input_count, value, budget };
constexpr std::string_view name_of(rule r) noexcept {
  constexpr std::string_view n[] = {"ok", "wrong rank", "shapes differ", "channel count differs", "weight count differs from the shape", "bias count differs from the channels", "axis out of range",
                                    "channels are not divisible by groups", "stride or dilation is not positive", "window is larger than the padded input", "element types do not go together",
                                    "quantization parameters do not go together", "element count differs", "wrong number of inputs", "value out of range", "over budget"};
  return n[static_cast<std::size_t>(r)];
}
/// A broken rule with what was expected and found; `what == rule::ok` means none.
struct violation {
  rule what = rule::ok;
  dims expected{};
  dims found{};
  constexpr explicit operator bool() const { return what != rule::ok; }
};
/// A shape or a violation: what constexpr shape rules return.
struct shape_or {
  dims shape{};
  violation broken{};
  constexpr shape_or(dims s) : shape(s) {}            // NOLINT
  constexpr shape_or(violation v) : broken(v) {}      // NOLINT
};

inline std::string to_string(const dims& d) {
  std::string s = "[";
  for (int i = 0; i < d.rank; ++i) s += (i ? "," : "") + std::to_string(d[i]);
  return s + "]";
}

// ------------------------------------------------------------------------------------------------------------------ attributes

/// Attributes of a node in the IR: ordered name/value pairs, printed and stored generically. Operators read them into a plain struct.
class attributes {
 public:
  using value = std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>, std::vector<double>>;
  void set(std::string_view key, value v) {
    for (auto& [k, old] : entries_)
      if (k == key) {
        old = std::move(v);
        return;
      }
    entries_.emplace_back(std::string(key), std::move(v));
  }
  const value* find(std::string_view key) const {
    for (const auto& [k, v] : entries_)
      if (k == key) return &v;
    return nullptr;
  }
  std::int64_t integer(std::string_view key, std::int64_t otherwise = 0) const {
    const value* v = find(key);
    return v && std::holds_alternative<std::int64_t>(*v) ? std::get<std::int64_t>(*v) : otherwise;
  }
  double real(std::string_view key, double otherwise = 0) const {
    const value* v = find(key);
    return v && std::holds_alternative<double>(*v) ? std::get<double>(*v) : otherwise;
  }
  std::vector<std::int64_t> integers(std::string_view key) const {
    const value* v = find(key);
    return v && std::holds_alternative<std::vector<std::int64_t>>(*v) ? std::get<std::vector<std::int64_t>>(*v) : std::vector<std::int64_t>();
  }
  void erase(std::string_view key) {
    std::erase_if(entries_, [&](const auto& e) { return e.first == key; });
  }
  const std::vector<std::pair<std::string, value>>& entries() const { return entries_; }

 private:
  std::vector<std::pair<std::string, value>> entries_;
};

/// One member of an attribute struct. A struct lists its members as `static constexpr auto fields = std::tuple{field{"stride_h", &T::stride_h}, ...}`.
template <class S, class T> struct field {
  const char* name;
  T S::*member;
};
template <class S, class T> field(const char*, T S::*) -> field<S, T>;

/// Reads an attribute struct; members that the node does not carry keep their defaults. Integers, bools, enums, floats, dims.
template <class A> A read_attributes(const attributes& from) {
  A a{};
  std::apply(
      [&](const auto&... f) {
        (
            [&] {
              using T = std::remove_reference_t<decltype(a.*f.member)>;
              if (const auto* v = from.find(f.name)) {
                if constexpr (std::is_same_v<T, dims>) {
                  T d;
                  if (const auto* list = std::get_if<std::vector<std::int64_t>>(v))
                    for (std::int64_t e : *list) d.push_back(static_cast<std::int32_t>(e));
                  a.*f.member = d;
                } else if constexpr (std::is_floating_point_v<T>) {
                  if (const auto* r = std::get_if<double>(v)) a.*f.member = static_cast<T>(*r);
                } else {
                  if (const auto* i = std::get_if<std::int64_t>(v)) a.*f.member = static_cast<T>(*i);
                }
              }
            }(),
            ...);
      },
      A::fields);
  return a;
}
template <class A> attributes to_attributes(const A& a) {
  attributes to;
  std::apply(
      [&](const auto&... f) {
        (
            [&] {
              using T = std::remove_cvref_t<decltype(a.*f.member)>;
              if constexpr (std::is_same_v<T, dims>) {
                to.set(f.name, std::vector<std::int64_t>((a.*f.member).begin(), (a.*f.member).end()));
              } else if constexpr (std::is_floating_point_v<T>) {
                to.set(f.name, static_cast<double>(a.*f.member));
              } else {
                to.set(f.name, static_cast<std::int64_t>(a.*f.member));
              }
            }(),
            ...);
      },
      A::fields);
  return to;
}

// -------------------------------------------------------------------------------------------------------------------- preparing

/// Memory of a plan: params, multiplier arrays, packed weights. Blocks never move and live as long as the plan.
class plan_memory {
 public:
  template <class T> std::span<T> array(std::size_t n) {
    static_assert(std::is_trivially_destructible_v<T>);
    std::byte* p = bytes(Bytes(n * sizeof(T)), alignof(T));
    T* t = reinterpret_cast<T*>(p);
    for (std::size_t i = 0; i < n; ++i) new (t + i) T();
    return {t, n};
  }
  std::byte* bytes(Bytes n, std::size_t align = alignment) {
    constexpr std::size_t chunk = 1 << 16;
    if (n.value == 0) return nullptr;
    std::size_t at = round_up(used_, align);
    if (blocks_.empty() || at + n.value > blocks_.back().size()) {
      blocks_.emplace_back(Bytes(n.value > chunk ? n.value : chunk));
      at = 0;
    }
    used_ = at + n.value;
    total_ += n.value;
    return blocks_.back().data() + at;
  }
  Bytes total() const { return Bytes(total_); }

 private:
  std::vector<buffer> blocks_;
  std::size_t used_ = 0, total_ = 0;
};

/// What an operator's shape rule and prepare function are given. `constant[i]` holds the bytes of input i where it is known before
/// running (weights, axes, paddings), else it is empty. An absent optional input has `present(i) == false`.
struct node_view {
  std::span<const tensor_desc> in;
  std::span<const tensor_desc> out;
  std::span<const std::span<const std::byte>> constant;
  std::span<const bool> given;
  const attributes* attrs = nullptr;
  rounding round = rounding::none;

  bool present(std::size_t i) const { return i < in.size() && given[i]; }
  bool is_constant(std::size_t i) const { return present(i) && (!constant[i].empty() || in[i].shape.elements().value == 0); }
  /// Elements of a constant input as T; the data may be unaligned in the file, so the importer copies constants to aligned storage.
  template <class T> std::span<const T> constant_as(std::size_t i) const {
    return {reinterpret_cast<const T*>(constant[i].data()), constant[i].size() / sizeof(T)};
  }
  /// A small s32 or s64 constant as int64 values (axes, paddings, shapes); empty if input i is not such a constant.
  std::vector<std::int64_t> integers(std::size_t i) const {
    std::vector<std::int64_t> v;
    if (!present(i) || constant[i].empty()) return v;
    if (in[i].type == dtype::s32) {
      for (std::int32_t e : constant_as<std::int32_t>(i)) v.push_back(e);
    } else if (in[i].type == dtype::s64) {
      for (std::int64_t e : constant_as<std::int64_t>(i)) v.push_back(e);
    }
    return v;
  }
};

/// Filled by an operator's prepare: everything the planner needs for one step. Target-independent; the planner then asks the
/// kernel of the chosen target for packing and scratch.
struct prepared {
  plan_memory* memory = nullptr;
  void* params = nullptr;
  kernel_id kernel = kernel_id::none;
  kernel_fn reference = nullptr;          // always set (unless `alias`)
  Bytes reference_scratch{};
  bool alias = false;                     // the output is the first input's bytes under another shape: no step is needed

  template <class P> P& make(kernel_fn ref, kernel_id k = kernel_id::none) {
    P* p = memory->array<P>(1).data();
    params = p;
    reference = ref;
    kernel = k;
    return *p;
  }
  template <class T> std::span<T> array(std::size_t n) { return memory->array<T>(n); }
};

/// One row of the operator list.
struct op_def {
  std::string_view name;   // as the IR prints it: "qnn.conv2d"
  std::int32_t min_inputs = 1, max_inputs = 1, outputs = 1;   // -1: any number
  /// Shape of every output from inputs, attributes and small constants. Null only for operators whose outputs' shapes the importer must give.
  status (*shape)(const node_view&, std::span<dims> out) = nullptr;
  /// Checks dtypes and quantization, fills `prepared`.
  status (*prepare)(const node_view&, prepared&) = nullptr;
};

inline error_info broken_rule(const violation& v) {
  error_info e;
  e.code = errc::invalid;
  e.what = std::string(name_of(v.what));
  e.found = to_string(v.found);
  e.supported = to_string(v.expected);
  return e;
}
inline error_info unsupported(std::string what, std::string found = {}, std::string supported = {}) {
  return {errc::unsupported, std::move(what), {}, {}, {}, std::move(found), std::move(supported)};
}
inline error_info invalid(std::string what, std::string found = {}, std::string supported = {}) {
  return {errc::invalid, std::move(what), {}, {}, {}, std::move(found), std::move(supported)};
}
/// For shape rules with one output.
inline status set_shape(std::span<dims> out, const shape_or& s) {
  if (s.broken) return broken_rule(s.broken);
  if (!out.empty()) out[0] = s.shape;
  return unit{};
}

}  // namespace octet::inline OCTET_ABI

#endif  // OCTET_OPS_OP_HPP_
