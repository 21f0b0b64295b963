// What an operator is: attributes, a shape rule, a way to prepare its params, a reference. One file
// per operator, one row in ops/list.hpp.
#ifndef OCTET_OPS_OP_HPP_
#define OCTET_OPS_OP_HPP_

#include <array>
#include <concepts>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "octet/core/buffer.hpp"
#include "octet/core/error.hpp"
#include "octet/kernels/simd/layouts.hpp"
#include "octet/laws/law.hpp"

OCTET_COLD_NAMESPACE_BEGIN

// ---- descriptions ----

/// Scales of a tensor where they lie, as binary64 or binary32 numbers. Refers to memory of the
/// graph; owns nothing. Usable in constant evaluation.
class scale_list {
 public:
  constexpr scale_list() = default;
  constexpr scale_list(std::span<const double> s) : wide_(s.data()), size_(s.size()) {}   // NOLINT
  constexpr scale_list(std::span<const float> s) : narrow_(s.data()), size_(s.size()) {}  // NOLINT
  constexpr scale_list(const double* s, std::size_t n) : wide_(s), size_(n) {}
  scale_list(const std::vector<double>& s) : wide_(s.data()), size_(s.size()) {}  // NOLINT
  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr double operator[](std::size_t i) const {
    return narrow_ != nullptr ? static_cast<double>(narrow_[i]) : wide_[i];
  }
  constexpr bool operator==(const scale_list& o) const {
    for (std::size_t i = 0; i < size_ && size_ == o.size_; ++i)
      if ((*this)[i] != o[i]) return false;
    return size_ == o.size_;
  }

 private:
  const double* wide_ = nullptr;
  const float* narrow_ = nullptr;
  std::size_t size_ = 0;
};

/// What a rule sees of a tensor: everything but the data. Usable in constant evaluation. The spans'
/// memory belongs to the graph.
struct tensor_desc {
  dtype type = dtype::f32;
  dims shape;
  scale_list scales{};  // empty: not quantized; one: per tensor; else one per index along `axis`
  std::span<const std::int32_t> zero_points{};  // empty: 0; one: for all
  std::int32_t axis = -1;

  constexpr bool quantized() const { return !scales.empty(); }
  constexpr bool per_channel() const { return scales.size() > 1; }
  constexpr double scale(std::size_t c = 0) const {
    return scales.empty() ? 1.0 : scales.size() == 1 ? scales[0] : scales[c];
  }
  constexpr float scale_f32(std::size_t c = 0) const { return static_cast<float>(scale(c)); }
  constexpr std::int32_t zero_point(std::size_t c = 0) const {
    return zero_points.empty() ? 0 : zero_points.size() == 1 ? zero_points[0] : zero_points[c];
  }
  constexpr bool same_quantization(const tensor_desc& o) const {
    return scales == o.scales && zero_point() == o.zero_point();
  }
};

/// A shape or a violation: what constexpr shape rules return.
struct shape_or {
  dims shape{};
  violation broken{};
  constexpr shape_or(dims s) : shape(s) {}        // NOLINT
  constexpr shape_or(violation v) : broken(v) {}  // NOLINT
};

// ---- attributes ----

/// One attribute value, not owning: what operators read. `type` says which member counts; none:
/// there is no such attribute.
struct attribute_value {
  enum class kind : std::uint8_t { none, integer, real, text, integers, reals } type = kind::none;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view text{};
  std::span<const std::int64_t> integers{};
  std::span<const double> reals{};
  constexpr explicit operator bool() const { return type != kind::none; }
  constexpr bool is(kind k) const { return type == k; }

  constexpr attribute_value() = default;
  constexpr attribute_value(std::int64_t v) : type(kind::integer), integer(v) {}  // NOLINT
  constexpr attribute_value(double v) : type(kind::real), real(v) {}              // NOLINT
  constexpr attribute_value(std::string_view v) : type(kind::text), text(v) {}    // NOLINT
  constexpr attribute_value(std::span<const std::int64_t> v)
      : type(kind::integers), integers(v) {}                                             // NOLINT
  constexpr attribute_value(std::span<const double> v) : type(kind::reals), reals(v) {}  // NOLINT
};
constexpr std::string_view name_of(attribute_value::kind k) noexcept {
  switch (k) {
    case attribute_value::kind::none: return "none";
    case attribute_value::kind::integer: return "integer";
    case attribute_value::kind::real: return "real";
    case attribute_value::kind::text: return "text";
    case attribute_value::kind::integers: return "integers";
    case attribute_value::kind::reals: return "reals";
  }
  return no_enumerator;
}
struct attribute {
  std::string_view key;
  attribute_value value;
};

class attributes;

/// Attributes of a node as its operator reads them. Refers either to the IR's `attributes` or to a
/// caller's array (typed graphs: usable in constant evaluation); owns nothing, never allocates.
class attribute_view {
 public:
  constexpr attribute_view() = default;
  constexpr attribute_view(std::span<const attribute> list, bool* read = nullptr)  // NOLINT
      : list_(list), read_(read) {}
  constexpr attribute_view(const attributes& a) : owner_(&a) {}  // NOLINT
  /// `read[i]` becomes true where entry i is read as the kind of value that it is: what stays false
  /// no operator knows.
  constexpr attribute_view(const attributes& a, bool* read) : owner_(&a), read_(read) {}

  inline constexpr std::size_t size() const;
  inline constexpr attribute operator[](std::size_t i) const;
  constexpr attribute_value find(std::string_view key) const {
    if (owner_) return find_in_owner(key);
    for (const attribute& a : list_)
      if (a.key == key) return a.value;
    return {};
  }
  /// The attribute where it is there and of that kind, else none.
  constexpr attribute_value find(std::string_view key, attribute_value::kind k) const {
    const attribute_value v = find(key);
    if (!v.is(k)) return {};
    if (read_) note(key);
    return v;
  }
  constexpr std::int64_t integer(std::string_view key, std::int64_t otherwise = 0) const {
    const attribute_value v = find(key, attribute_value::kind::integer);
    return v ? v.integer : otherwise;
  }
  constexpr double real(std::string_view key, double otherwise = 0) const {
    const attribute_value v = find(key, attribute_value::kind::real);
    return v ? v.real : otherwise;
  }
  constexpr std::string_view text(std::string_view key) const {
    return find(key, attribute_value::kind::text).text;
  }
  constexpr std::span<const std::int64_t> integers(std::string_view key) const {
    return find(key, attribute_value::kind::integers).integers;
  }
  constexpr std::span<const double> reals(std::string_view key) const {
    return find(key, attribute_value::kind::reals).reals;
  }

 private:
  inline attribute_value find_in_owner(std::string_view key) const;
  constexpr void note(std::string_view key) const {
    for (std::size_t i = 0; i < size(); ++i) read_[i] |= (*this)[i].key == key;
  }
  std::span<const attribute> list_{};
  const attributes* owner_ = nullptr;
  bool* read_ = nullptr;
};

/// Attributes of a node in the IR: ordered name/value pairs, printed and stored generically.
/// Operators read them, through attribute_view, into a plain struct.
class attributes {
 public:
  /// One value, owned. Not a std::variant: libstdc++ 12's ends the program where copying one of
  /// strings and lists runs out of memory.
  class value {
   public:
    using kind = attribute_value::kind;
    value() = default;  // the integer 0
    template <std::integral T> value(T v) : integer_(static_cast<std::int64_t>(v)) {}  // NOLINT
    template <std::floating_point T> value(T v) : kind_(kind::real), real_(v) {}       // NOLINT
    value(std::string v) : kind_(kind::text), text_(std::move(v)) {}                   // NOLINT
    value(const char* v) : value(std::string(v)) {}                                    // NOLINT
    value(std::vector<std::int64_t> v)
        : kind_(kind::integers), integers_(std::move(v)) {}                     // NOLINT
    value(std::vector<double> v) : kind_(kind::reals), reals_(std::move(v)) {}  // NOLINT

    kind type() const { return kind_; }
    /// `f` with the std::int64_t, double, std::string or std::vector that it is.
    template <class F> decltype(auto) visit(F&& f) const {
      switch (kind_) {
        case kind::real: return f(real_);
        case kind::text: return f(text_);
        case kind::integers: return f(integers_);
        case kind::reals: return f(reals_);
        case kind::none:
        case kind::integer: break;
      }
      return f(integer_);
    }
    /// Refers to this value's memory.
    attribute_value view() const {
      // Spans of a pointer and a size: those of a std::vector take every file 30 ms to look at.
      switch (kind_) {
        case kind::real: return real_;
        case kind::text: return std::string_view(text_);
        case kind::integers:
          return std::span<const std::int64_t>(integers_.data(), integers_.size());
        case kind::reals: return std::span<const double>(reals_.data(), reals_.size());
        case kind::none:
        case kind::integer: break;
      }
      return integer_;
    }
    bool operator==(const value&) const = default;

   private:
    kind kind_ = kind::integer;
    std::int64_t integer_ = 0;
    double real_ = 0;
    std::string text_;
    std::vector<std::int64_t> integers_;
    std::vector<double> reals_;
  };
  OCTET_COLD void set(std::string_view key, value v) {
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
    return attribute_view(*this).integer(key, otherwise);
  }
  double real(std::string_view key, double otherwise = 0) const {
    return attribute_view(*this).real(key, otherwise);
  }
  std::span<const std::int64_t> integers(std::string_view key) const {
    return attribute_view(*this).integers(key);
  }
  void erase(std::string_view key) {
    std::erase_if(entries_, [&](const auto& e) { return e.first == key; });
  }
  const std::vector<std::pair<std::string, value>>& entries() const { return entries_; }

 private:
  std::vector<std::pair<std::string, value>> entries_;
};
inline constexpr std::size_t attribute_view::size() const {
  return owner_ ? owner_->entries().size() : list_.size();
}
inline constexpr attribute attribute_view::operator[](std::size_t i) const {
  if (!owner_) return list_[i];
  const auto& [key, v] = owner_->entries()[i];
  return {key, v.view()};
}
inline attribute_value attribute_view::find_in_owner(std::string_view key) const {
  const attributes::value* v = owner_->find(key);
  return v ? v->view() : attribute_value{};
}

/// One member of an attribute struct. A struct lists its members as `static constexpr auto fields =
/// field_list{field{"stride_h", &T::stride_h}, ...}`.
template <class S, class T> struct field {
  const char* name;
  T S::*member;
};
template <class S, class T> field(const char*, T S::*) -> field<S, T>;

namespace detail {
template <std::size_t I, class F> struct field_at { F value; };
template <class Places, class... F> struct placed_fields;
template <std::size_t... I, class... F>
struct placed_fields<std::index_sequence<I...>, F...> : field_at<I, F>... {
  constexpr placed_fields(F... f) : field_at<I, F>{f}... {}
  template <class V> constexpr void each(const V& visit) const {
    (visit(field_at<I, F>::value), ...);
  }
};
}  // namespace detail
/// The fields of an attribute struct; `each` visits them in the order of the list. std::tuple and
/// std::apply in its place take a sixth more time in every file that includes the operators.
template <class... F>
struct field_list : detail::placed_fields<std::index_sequence_for<F...>, F...> {
  using detail::placed_fields<std::index_sequence_for<F...>, F...>::placed_fields;
  static constexpr std::size_t size() { return sizeof...(F); }
};
template <class... F> field_list(F...) -> field_list<F...>;

/// An element of a list in 32 bits: positions beyond an extent stay beyond it, axes out of range
/// stay out of range.
constexpr std::int32_t saturated(std::int64_t v) {
  return static_cast<std::int32_t>(v < INT32_MIN ? INT32_MIN : v > INT32_MAX ? INT32_MAX : v);
}

/// The kind of attribute that a member of an attribute struct is: integers, bools, enums, floats,
/// dims.
template <class T>
inline constexpr attribute_value::kind kind_of =
    std::is_same_v<T, dims>       ? attribute_value::kind::integers
    : std::is_floating_point_v<T> ? attribute_value::kind::real
                                  : attribute_value::kind::integer;

/// An attribute that operators read.
struct attribute_key {
  std::string_view name;
  attribute_value::kind type = attribute_value::kind::none;
};
namespace detail {
template <class A> constexpr auto keys_in() {
  if constexpr (requires { A::fields; }) {
    std::array<attribute_key, A::fields.size()> keys{};
    std::size_t at = 0;
    A::fields.each([&]<class S, class T>(const field<S, T>& f) {
      keys[at++] = {f.name, kind_of<T>};
    });
    return keys;
  } else {
    return std::to_array(A::keys);
  }
}
template <class... A> constexpr auto joined_keys() {
  std::array<attribute_key, (keys_in<A>().size() + ... + 0)> all{};
  [[maybe_unused]] std::size_t at = 0;
  [[maybe_unused]] const auto add = [&](const auto& list) {
    for (const attribute_key& k : list) all[at++] = k;
  };
  (add(keys_in<A>()), ...);
  return all;
}
}  // namespace detail
/// The attributes of several structs: their `fields`, or `keys` where nothing but a name and a kind
/// is to be said.
template <class... A> inline constexpr auto keys_of = detail::joined_keys<A...>();
/// All attributes that an operator reads. What a node carries besides is misspelt, or of another
/// kind. Refers to keys_of.
class attribute_keys {
 public:
  constexpr attribute_keys() = default;
  template <std::size_t N>
  constexpr attribute_keys(const std::array<attribute_key, N>& list)  // NOLINT
      : list_(list), given_(true) {}
  /// False of operators registered from outside that do not say.
  constexpr bool given() const { return given_; }
  constexpr bool contain(std::string_view name, attribute_value::kind type) const {
    for (const attribute_key& k : list_)
      if (k.name == name && k.type == type) return true;
    return false;
  }
  constexpr std::span<const attribute_key> list() const { return list_; }

 private:
  std::span<const attribute_key> list_{};
  bool given_ = false;
};

/// Reads an attribute struct; members that the node does not carry keep their defaults.
template <class A> constexpr A read_attributes(const attribute_view& from) {
  A a{};
  A::fields.each([&](const auto& f) {
    using T = std::remove_reference_t<decltype(a.*f.member)>;
    using kind = attribute_value::kind;
    constexpr kind k = kind_of<T>;
    if (const attribute_value v = from.find(f.name, k)) {
      if constexpr (k == kind::integers) {
        T d;
        for (std::int64_t e : v.integers) d.push_back(saturated(e));
        a.*f.member = d;
      } else if constexpr (k == kind::real) {
        a.*f.member = static_cast<T>(v.real);
      } else {
        a.*f.member = static_cast<T>(v.integer);
      }
    }
  });
  return a;
}
template <class A> attributes to_attributes(const A& a) {
  attributes to;
  A::fields.each([&](const auto& f) {
    using T = std::remove_cvref_t<decltype(a.*f.member)>;
    if constexpr (std::is_same_v<T, dims>) {
      to.set(f.name, std::vector<std::int64_t>((a.*f.member).begin(), (a.*f.member).end()));
    } else if constexpr (std::is_floating_point_v<T>) {
      to.set(f.name, static_cast<double>(a.*f.member));
    } else {
      to.set(f.name, static_cast<std::int64_t>(a.*f.member));
    }
  });
  return to;
}

// ---- preparing ----

namespace detail {
/// What is kept alive until its owner goes; moved, never copied. A list of its own: a std::vector
/// of each kind of owner, and the owners, would be most of what a header-only file compiles here.
class kept_list {
 public:
  struct entry {
    entry* before = nullptr;
    virtual ~entry() = default;
  };
  kept_list() = default;
  kept_list(kept_list&& o) noexcept : last_(std::exchange(o.last_, nullptr)) {}
  kept_list& operator=(kept_list&& o) noexcept {
    std::swap(last_, o.last_);
    return *this;
  }
  OCTET_COLD ~kept_list() {
    while (last_ != nullptr) delete std::exchange(last_, last_->before);
  }
  /// Takes over `e`, made by new.
  void add(entry* e) noexcept { e->before = std::exchange(last_, e); }

 private:
  entry* last_ = nullptr;
};
}  // namespace detail

/// Memory of a plan: params, multiplier arrays, packed weights. Blocks never move and live as long
/// as the plan. Either it owns heap blocks, or it hands out storage that its maker owns (typed
/// graphs: constant size, no heap). Storage that turns out too small is continued on the heap, so
/// that operators need not check, and `exhausted()` then tells the maker.
class plan_memory {
 public:
  plan_memory() = default;
  explicit plan_memory(std::span<std::byte> storage) : storage_(storage) {}
  /// Heap blocks of at least `chunk` bytes.
  explicit plan_memory(Bytes chunk) : chunk_(chunk.value) {}
  /// The given storage did not suffice.
  bool exhausted() const { return !storage_.empty() && has_block(); }
  /// The first of `n` elements, each of them T().
  template <class T> T* elements(std::size_t n) {
    static_assert(std::is_trivially_destructible_v<T>);
    std::byte* p = bytes(Bytes(n * sizeof(T)), alignof(T));
    T* t = reinterpret_cast<T*>(p);
    for (std::size_t i = 0; i < n; ++i) new (t + i) T();
    return t;
  }
  template <class T> std::span<T> array(std::size_t n) { return {elements<T>(n), n}; }
  OCTET_COLD std::byte* bytes(Bytes n, std::size_t align = alignment) {
    if (n.value == 0) return nullptr;
    total_ = round_up(total_, align) + n.value;
    if (!has_block() && !storage_.empty()) {
      const auto base = reinterpret_cast<std::uintptr_t>(storage_.data());
      const std::size_t from = round_up(base + used_, align) - base;
      if (from <= storage_.size() && n.value <= storage_.size() - from) {
        used_ = from + n.value;
        std::memset(storage_.data() + from, 0, n.value);
        return storage_.data() + from;
      }
      used_ = 0;
    }
    std::size_t at = round_up(used_, align);
    if (!has_block() || at + n.value > block_.size()) {
      add_block(buffer(Bytes(n.value > chunk_ ? n.value : chunk_)));
      at = 0;
    }
    used_ = at + n.value;
    return block_.data() + at;
  }
  /// The next `n` bytes come without another allocation; false where there is no memory for them.
  OCTET_COLD bool reserve(Bytes n) {
    if (n.value == 0 || (!storage_.empty() && !has_block())) return true;
    if (has_block() && round_up(used_, alignment) + n.value <= block_.size()) return true;
    buffer b = buffer::try_make(Bytes(n.value > chunk_ ? n.value : chunk_));
    if (b.size() == 0) return false;
    add_block(std::move(b));
    used_ = 0;
    return true;
  }
  /// What comes next begins at a multiple of 64 bytes: where a node begins, so that its bytes are
  /// the same behind any other.
  void align() {
    total_ = round_up(total_, alignment);
    used_ = round_up(used_, alignment);
  }
  /// Bytes handed out, with the gaps that alignment leaves: what storage of one piece must hold.
  Bytes total() const { return Bytes(total_); }
  /// Keeps alive, and counts, what memories of other plans hold as well: a std::shared_ptr.
  template <class Owner> void hold(Owner owner, Bytes n) {
    align();
    total_ = round_up(total_ + n.value, alignment);
    shared_ += round_up(n.value, alignment);
    kept_.add(new kept_as<Owner>(std::move(owner)));
  }
  /// Of total(), what hold() was given.
  Bytes shared() const { return Bytes(shared_); }

 private:
  template <class Owner> struct kept_as final : detail::kept_list::entry {
    explicit kept_as(Owner o) : owner(std::move(o)) {}
    Owner owner;
  };
  bool has_block() const { return block_.size() != 0; }
  /// Now the block that memory comes from.
  OCTET_COLD void add_block(buffer b) {
    if (has_block()) kept_.add(new kept_as<buffer>(std::move(block_)));
    block_ = std::move(b);
  }
  std::span<std::byte> storage_{};
  detail::kept_list kept_;  // earlier blocks, and what others hold as well
  buffer block_;
  std::size_t chunk_ = 1 << 16, used_ = 0, total_ = 0, shared_ = 0;
};

/// The elements of an s32 or s64 constant as int64, read where they lie.
class integer_constant {
 public:
  integer_constant() = default;
  integer_constant(const std::byte* data, dtype type, std::size_t count)
      : data_(data), type_(type), count_(count) {}
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  std::int64_t operator[](std::size_t i) const {
    if (type_ == dtype::s64) {
      std::int64_t v;
      std::memcpy(&v, data_ + 8 * i, 8);
      return v;
    }
    std::int32_t v;
    std::memcpy(&v, data_ + 4 * i, 4);
    return v;
  }
  struct iterator {
    const integer_constant* list;
    std::size_t at;
    std::int64_t operator*() const { return (*list)[at]; }
    iterator& operator++() {
      ++at;
      return *this;
    }
    bool operator==(const iterator& o) const { return at == o.at; }
  };
  iterator begin() const { return {this, 0}; }
  iterator end() const { return {this, count_}; }

 private:
  const std::byte* data_ = nullptr;
  dtype type_ = dtype::s32;
  std::size_t count_ = 0;
};

/// What an operator's shape rule and prepare function are given. `constant[i]` holds the bytes of
/// input i where it is known before running (weights, axes, paddings), else it is empty. An absent
/// optional input has `present(i) == false`.
struct node_view {
  std::span<const tensor_desc> in;
  std::span<const tensor_desc> out;
  std::span<const std::span<const std::byte>> constant;
  std::span<const bool> given;
  const attribute_view* attrs = nullptr;
  rounding round = rounding::none;

  constexpr bool present(std::size_t i) const { return i < in.size() && given[i]; }
  constexpr bool is_constant(std::size_t i) const {
    return present(i) && (!constant[i].empty() || in[i].shape.elements().value == 0);
  }
  /// Elements of a constant input as T; the data may be unaligned in the file, so the importer
  /// copies constants to aligned storage.
  template <class T> std::span<const T> constant_as(std::size_t i) const {
    return {reinterpret_cast<const T*>(constant[i].data()), constant[i].size() / sizeof(T)};
  }
  /// A small s32 or s64 constant as int64 values (axes, paddings, shapes); empty if input i is not
  /// such a constant.
  integer_constant integers(std::size_t i) const {
    if (!present(i) || constant[i].empty() ||
        (in[i].type != dtype::s32 && in[i].type != dtype::s64))
      return {};
    return {constant[i].data(), in[i].type, constant[i].size() / size_of(in[i].type)};
  }
};

/// What a node takes of a plan's memory, counted before it is prepared from types, shapes and
/// attributes alone: the compiler lays typed graphs out by it, and preparing a node on any path
/// checks that it suffices. Values of constants may be unknown (in the compiler they are): then it
/// counts the most that any values need. Usable in constant evaluation.
class node_memory {
 public:
  static constexpr std::size_t most_targets = 8;

  /// Counts kernels' memory on these targets' layouts (null: references run).
  constexpr explicit node_memory(
      std::span<const kernels::target_layout* const> targets = {}) noexcept
      : targets_(targets) {}

  // What `prepared` has by the same names.
  template <class P> constexpr void make() { array<P>(1); }
  template <class T> constexpr void array(std::size_t n) {
    if (n != 0) params = round_up(params, alignof(T)) + n * sizeof(T);
  }
  /// Asks `need(const target_layout&) -> node_bytes` for each target: nothing where the kernel
  /// does not take the node.
  template <class F> constexpr void kernel(F&& need) {
    for (std::size_t i = 0; i < targets_.size(); ++i)
      if (targets_[i] != nullptr) on[i] = need(*targets_[i]);
  }

  /// The output is the first input's bytes under another shape: no step where the two may share
  /// memory, else a copy.
  bool alias = false;
  std::size_t params = 0;             // bytes of the params and the arrays they point to
  std::size_t reference_scratch = 0;  // bytes that one call of the reference needs
  std::array<kernels::node_bytes, most_targets>
      on{};  // the kernel's, for each of the targets asked for

 private:
  std::span<const kernels::target_layout* const> targets_;
};
/// op_def::memory of operators that take params P and nothing else.
template <class P> constexpr void params_only(const node_view&, node_memory& to) { to.make<P>(); }

/// What prepare found out of a node's constants by reading all of them: plans of one network for
/// other shapes need not read them again.
struct node_facts {
  std::optional<bool> wide;  // sums may exceed int32
  std::optional<bool> fits;  // weights less their zero points are in [-128, 127]
};

/// Filled by an operator's prepare: what a step needs besides memory. Target-independent: the
/// kernel of the chosen target then packs constants, and runs where it takes these params.
struct prepared {
  plan_memory* memory = nullptr;
  node_facts* facts = nullptr;  // null: nobody asks again
  void* params = nullptr;
  kernel_id kernel = kernel_id::none;
  kernel_fn reference = nullptr;  // always set, unless the node is an alias

  template <class P> P& make(kernel_fn ref, kernel_id k = kernel_id::none) {
    P* p = memory->elements<P>(1);  // no span: that of each P would cost every file 20 ms
    params = p;
    reference = ref;
    kernel = k;
    return *p;
  }
  template <class T> std::span<T> array(std::size_t n) { return memory->array<T>(n); }
};

// ---- forms ----

/// Element types as a set.
class type_set {
 public:
  constexpr type_set() = default;
  constexpr type_set(dtype t) : bits_(bit(t)) {}  // NOLINT
  constexpr type_set(std::initializer_list<dtype> list) {
    for (const dtype t : list) bits_ |= bit(t);
  }
  constexpr bool contains(dtype t) const { return (bits_ & bit(t)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr type_set operator|(type_set o) const {
    o.bits_ |= bits_;
    return o;
  }
  constexpr bool operator==(const type_set&) const = default;

 private:
  static_assert(enumerators<dtype>.size() <= 16);
  static constexpr std::uint16_t bit(dtype t) {
    return static_cast<std::uint16_t>(1u << static_cast<unsigned>(t));
  }
  std::uint16_t bits_ = 0;
};

/// Roundings as a set.
class rounding_set {
 public:
  constexpr rounding_set() = default;
  constexpr rounding_set(rounding r) : bits_(bit(r)) {}  // NOLINT
  constexpr rounding_set(std::initializer_list<rounding> list) {
    for (const rounding r : list) bits_ |= bit(r);
  }
  constexpr bool contains(rounding r) const { return (bits_ & bit(r)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr rounding_set operator|(rounding_set o) const {
    o.bits_ |= bits_;
    return o;
  }
  constexpr rounding_set without(rounding r) const {
    rounding_set left = *this;
    left.bits_ &= ~bit(r);
    return left;
  }
  constexpr bool operator==(const rounding_set&) const = default;

 private:
  static_assert(enumerators<rounding>.size() <= 32);
  static constexpr std::uint32_t bit(rounding r) { return 1u << static_cast<unsigned>(r); }
  std::uint32_t bits_ = 0;
};

/// The types that quantized activations have.
inline constexpr type_set eight_bit{dtype::u8, dtype::s8};
inline constexpr type_set quantized_types = eight_bit | dtype::s16;
/// What a requantize writes.
inline constexpr type_set rescaled_types = quantized_types | type_set{dtype::u16, dtype::s32};
inline constexpr type_set accumulator_types{dtype::s32, dtype::s64};
inline constexpr type_set integer_types = rescaled_types | accumulator_types;
/// What compares: float32 and integers.
inline constexpr type_set number_types = integer_types | dtype::f32;
/// What plain sums and products are of.
inline constexpr type_set arithmetic_types{dtype::f32, dtype::s32, dtype::s64};
/// What data movement takes.
inline constexpr type_set all_types =
    number_types | type_set{dtype::f64, dtype::f16, dtype::u32, dtype::u64, dtype::boolean};

/// Element types of one operand of a form: one of a set, or the type that an input of the same node
/// has.
class operand_types {
 public:
  constexpr operand_types() = default;
  constexpr operand_types(type_set s) : set_(s) {}  // NOLINT
  constexpr operand_types(dtype t) : set_(t) {}     // NOLINT
  /// The type of input `i`, whatever it is.
  static constexpr operand_types like(std::int8_t i) {
    operand_types o;
    o.like_ = i;
    return o;
  }
  constexpr bool given() const { return like_ >= 0 || !set_.empty(); }
  constexpr bool is_like() const { return like_ >= 0; }
  constexpr std::size_t like_input() const { return as_size(like_); }
  constexpr type_set set() const { return set_; }

 private:
  type_set set_{};
  std::int8_t like_ = -1;
};
constexpr operand_types like(std::int8_t input) { return operand_types::like(input); }

/// Element types and roundings that go together. Where an operator takes any number of inputs or
/// outputs, the last entry given stands for those that follow.
struct form {
  std::array<operand_types, 24> in{};
  std::array<operand_types, 4> out{};
  rounding_set roundings = rounding::none;
};

/// All roundings of these forms: what is asserted beside a reference or kernel that takes the last
/// of them for granted after asking for the others.
constexpr rounding_set roundings_of(std::span<const form> forms) {
  rounding_set r;
  for (const form& f : forms) r = r | f.roundings;
  return r;
}
/// Data movement: any type, the same throughout, no rounding.
inline constexpr form movement_forms[] = {
    {.in = {all_types, operand_types::like(0)}, .out = {operand_types::like(0)}},
};
/// float32 in and out.
inline constexpr form float_forms[] = {
    {.in = {dtype::f32}, .out = {dtype::f32}},
};

/// Indices of operands as a set.
class operand_set {
 public:
  constexpr operand_set() = default;
  constexpr operand_set(std::initializer_list<unsigned> list) {
    for (const unsigned i : list) bits_ |= 1u << i;
  }
  constexpr bool contains(std::size_t i) const { return i < 32 && (bits_ >> i & 1) != 0; }
  constexpr bool empty() const { return bits_ == 0; }

 private:
  std::uint32_t bits_ = 0;
};

/// One row of the operator list: all that octet knows of an operator, as constants. Whoever needs a
/// fact about an operator reads it here; its cases stand in tests/cases. Two conventions keep an
/// operator usable in typed graphs, which evaluate `shape` in the compiler and run `prepare`
/// without a heap:
///  - `shape` is a constexpr function that reads attributes (not constant inputs) into the attrs
///    struct and calls the operator's constexpr rule over dims and attrs; a rule that is broken is
///    returned as a violation, not as text;
///  - `prepare` takes all memory from `prepared`, as much as `memory` counts, and keeps temporaries
///    in fixed arrays: no std::vector or std::string on the way to success (errors may allocate).
struct op_def {
  std::string_view name;                                     // as the IR prints it: "qnn.conv2d"
  std::string_view summary{};                                // one line, for the documentation
  std::int32_t min_inputs = 1, max_inputs = 1, outputs = 1;  // -1: any number
  /// Inputs that a node may leave out.
  operand_set optional{};
  /// Element types and roundings; what is not here is refused before `prepare` is called.
  std::span<const form> forms{};
  /// Computes on quantized values, and is printed with "qnn." in front: under a rounding, every 8-
  /// and 16-bit operand has a scale.
  bool quantized = false;
  /// Inputs of integers that have a scale, whatever their type and the rounding.
  operand_set scaled{};
  /// The output is an exact sum of products (int32 or int64) under rounding none: a node that
  /// `requantizes` it can become the node's own rounding.
  bool accumulates = false;
  /// Brings input 0 to the output's scale by the node's rounding; input 1, where given, is a float
  /// bias that joins before: what an operator that accumulates can do itself.
  bool requantizes = false;
  /// Attributes pad_top, pad_bottom, pad_left, pad_right put real zeros around the pixels of input
  /// 0, NHWC.
  bool pads_input = false;
  /// Does nothing but put real zeros (or `value`) around input 0, as many as the attribute
  /// `paddings` says.
  bool only_pads = false;
  /// The roundings under which an element of the result, of float32 or 8 bits, follows from the
  /// elements that meet in it, wherever they lie. Functions that frameworks compute in vectors and,
  /// another way, behind the last whole one are none of these.
  rounding_set each_alone{};
  /// ATEN: the block of vector_rows. Where all rows are whole blocks, elements follow alone as
  /// well. 0: it has none, or its answers by place are no blocks of rows.
  std::size_t vector_block = 0;
  /// The kernel that SIMD targets have for some of its forms.
  kernel_id kernel = kernel_id::none;
  /// The one for other element types, where these have parameters of their own.
  kernel_id other_kernel = kernel_id::none;
  /// The attributes that it reads. Operators registered from outside may leave it out: theirs are
  /// then not looked at before they are prepared.
  attribute_keys attributes{};
  /// Shape of every output from inputs, attributes and small constants. Null only for operators
  /// whose outputs' shapes the importer must give.
  status (*shape)(const node_view&, std::span<dims> out) = nullptr;
  /// Counts what prepare, the reference and the kernel take. A constexpr function; the node's types
  /// may be ones that have no form. Null only for operators registered from outside, which typed
  /// graphs then do not take.
  void (*memory)(const node_view&, node_memory&) = nullptr;
  /// Checks quantization and attributes, fills `prepared`. The node has one of the forms: call it
  /// through prepare_node.
  status (*prepare)(const node_view&, prepared&) = nullptr;
  /// What a law decides about a node of this operator (laws/); null: the operator does not round.
  laws::decision (*decide)(const laws::facts&) = nullptr;
  /// Multiply-accumulates of a node whose shapes are known; null: none to speak of.
  double (*macs)(const node_view&) = nullptr;
  /// Elementary steps of the reference besides one for each element of an operand and each
  /// multiply-accumulate; null: none to speak of. What folding a node may cost (limits::work)
  /// counts them.
  double (*steps)(const node_view&) = nullptr;
};

/// The kernels that may run an operator.
constexpr kernels::kernel_set kernels_of(const op_def& op) {
  return kernels::set_of(op.kernel) | kernels::set_of(op.other_kernel);
}

OCTET_COLD inline error_info unsupported(std::string_view what, std::string_view found = {},
                                         std::string_view supported = {}) {
  return detail::error_of(errc::unsupported, {what}, {found}, {supported});
}
OCTET_COLD inline error_info invalid(std::string_view what, std::string_view found = {},
                                     std::string_view supported = {}) {
  return detail::error_of(errc::invalid, {what}, {found}, {supported});
}
namespace detail {
/// The same with texts of several pieces.
OCTET_COLD inline error_info invalid_of(text_pieces what, text_pieces found,
                                        text_pieces supported) {
  return error_of(errc::invalid, what, found, supported);
}
/// What an attribute_view has noted: an attribute that an operator does not read is misspelt, or of
/// another kind.
OCTET_COLD inline status all_read(const op_def& op, const attribute_view& a, const bool* read) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!read[i])
      return invalid_of({"attribute of ", op.name}, {a[i].key},
                        {"attributes that it has, of their kinds"});
  return unit{};
}
/// Scales, zero points and their axis go with type and shape. A dead channel of weights has scale
/// 0; a tensor with one scale has none.
OCTET_COLD inline status verify_quantization(const tensor_desc& t) {
  for (std::size_t c = 0; c < t.scales.size(); ++c)
    if (const double s = t.scales[c]; !is_scale(s) && !(s == 0 && t.per_channel()))
      return invalid_of({"scale"}, {s}, {"a positive finite number"});
  if (t.per_channel()) {
    if (t.axis < 0 || t.axis >= t.shape.rank)
      return invalid_of({"quantization axis"}, {t.axis}, {"0 to ", t.shape.rank - 1});
    if (t.scales.size() != static_cast<std::size_t>(t.shape[t.axis]))
      return invalid_of({"number of scales"}, {t.scales.size()}, {t.shape[t.axis]});
  }
  if (t.zero_points.size() > 1 && t.zero_points.size() != t.scales.size())
    return invalid_of({"number of zero points"}, {t.zero_points.size()}, {t.scales.size()});
  if (!is_float(t.type))
    for (const std::int32_t z : t.zero_points)
      if (z < lowest_of(t.type) || z > highest_of(t.type))
        return invalid_of({"zero point"}, {z}, {"a value of ", name_of(t.type)});
  return unit{};
}
/// Whether a node of this operator is computed with the scale of an operand of that type: input
/// `input`, or an output.
constexpr bool needs_scale(const op_def& op, rounding round, dtype type,
                           std::optional<std::size_t> input) {
  if (input && op.scaled.contains(*input)) return !is_float(type);
  return op.quantized && round != rounding::none && quantized_types.contains(type);
}
/// "input 0 of qnn.add".
OCTET_COLD inline std::string name_of_operand(const op_def& op, bool is_input, std::size_t i) {
  return joined({is_input ? "input " : "output ", i, " of ", op.name});
}
OCTET_COLD inline error_info no_scale(const std::string& operand) {
  return invalid_of({"scale of ", operand}, {"none"}, {"the operand's scale"});
}
/// For switches whose other roundings the operator's forms exclude.
OCTET_COLD inline error_info no_such_rounding(const node_view& n) {
  return unsupported("rounding", name_of(n.round));
}
constexpr operand_types operand_of(std::span<const operand_types> list, bool repeats,
                                   std::size_t i) {
  std::size_t given = 0;
  while (given < list.size() && list[given].given()) ++given;
  if (i < given) return list[i];
  return repeats && given != 0 ? list[given - 1] : operand_types{};
}
OCTET_COLD constexpr bool has_types(const op_def& op, const form& f, const node_view& n) {
  const auto fits = [&](const operand_types& o, dtype t) {
    return o.is_like() ? t == n.in[o.like_input()].type : o.set().contains(t);
  };
  for (std::size_t i = 0; i < n.in.size(); ++i)
    if (n.present(i) && !fits(operand_of(f.in, op.max_inputs < 0, i), n.in[i].type)) return false;
  for (std::size_t i = 0; i < n.out.size(); ++i)
    if (!fits(operand_of(f.out, op.outputs < 0, i), n.out[i].type)) return false;
  return true;
}
/// Names of a form's types and roundings: "uint8|int8, as input 0 -> float32, AWAY|EVEN".
/// Behind what the text has from `from` on.
OCTET_COLD inline void append(std::string& s, std::size_t from, std::string_view between,
                              std::string_view text) {
  if (s.size() != from) s += between;
  s += text;
}
OCTET_COLD inline void append_text_of(std::string& s, std::span<const operand_types> operands) {
  const std::size_t begin = s.size();
  for (const operand_types& o : operands) {
    if (!o.given()) continue;
    append(s, begin, ", ", "");
    const std::size_t from = s.size();
    if (o.is_like())
      text_piece(joined({"as input ", o.like_input()})).append_to(s);
    else if (o.set() == all_types)
      s += "any";
    else
      for (const dtype t : enumerators<dtype>)
        if (o.set().contains(t)) append(s, from, "|", name_of(t));
  }
}
OCTET_COLD inline void append_text_of(std::string& s, const form& f) {
  append_text_of(s, f.in);
  s += " -> ";
  append_text_of(s, f.out);
  s += ", ";
  const std::size_t from = s.size();
  for (const rounding i : enumerators<rounding>)
    if (f.roundings.contains(i)) append(s, from, "|", name_of(i));
}
OCTET_COLD inline error_info no_such_form(const op_def& op, const node_view& n) {
  std::string found, supported;
  for (std::size_t i = 0; i < n.in.size(); ++i)
    append(found, 0, ", ", n.present(i) ? name_of(n.in[i].type) : "absent");
  for (std::size_t i = 0; i < n.out.size(); ++i)
    text_piece(joined({i == 0 ? " -> " : ", ", name_of(n.out[i].type)})).append_to(found);
  append(found, 0, ", ", name_of(n.round));
  bool typed = false;  // only the rounding is wrong: only forms of these types help
  for (const form& f : op.forms) typed |= has_types(op, f, n);
  for (const form& f : op.forms)
    if (!typed || has_types(op, f, n)) {
      append(supported, 0, "; ", "");
      append_text_of(supported, f);
    }
  return error_of(errc::unsupported, {typed ? "rounding of " : "element types of ", op.name},
                  {found}, {supported});
}
}  // namespace detail

/// Whether the node has one of its operator's forms: element types and rounding that go together,
/// and only optional inputs left out. Operators without declared forms (registered from outside)
/// check in `prepare` themselves.
OCTET_COLD constexpr bool takes(const op_def& op, const node_view& n) {
  for (std::size_t i = 0; i < n.in.size(); ++i)
    if (!n.present(i) && !op.optional.contains(i) && !op.forms.empty()) return false;
  for (const form& f : op.forms)
    if (f.roundings.contains(n.round) && detail::has_types(op, f, n)) return true;
  return op.forms.empty();
}
/// Whether a form takes this type as input `i`.
OCTET_COLD constexpr bool takes_input(const op_def& op, std::size_t i, dtype type) {
  for (const form& f : op.forms) {
    const operand_types o = detail::operand_of(f.in, op.max_inputs < 0, i);
    if (o.is_like() ? takes_input(op, o.like_input(), type) : o.set().contains(type)) return true;
  }
  return false;
}
/// Of two operators that go by one name, on quantized values and on plain numbers: the one for a
/// first operand of this type, with a scale or without. Without one the first is asked only for
/// types that the second has no form for: it says what it misses.
constexpr const op_def& operator_for(const op_def& quantized, const op_def& plain, dtype type,
                                     bool scaled) {
  return (scaled && !is_float(type)) || !takes_input(plain, 0, type) ? quantized : plain;
}
/// Prepares one node, or says which forms its operator has.
OCTET_COLD inline status prepare_node(const op_def& op, const node_view& n, prepared& to) {
  if (takes(op, n)) return op.prepare(n, to);
  for (std::size_t i = 0; i < n.in.size(); ++i)
    if (!n.present(i) && !op.optional.contains(i))
      return detail::invalid_of({detail::name_of_operand(op, true, i)}, {"absent"},
                                {"an operand that must be given"});
  return detail::no_such_form(op, n);
}

/// For shape rules with one output.
constexpr status set_shape(std::span<dims> out, const shape_or& s) {
  if (s.broken) return s.broken;
  if (!out.empty()) out[0] = s.shape;
  return unit{};
}

OCTET_NAMESPACE_END

#endif  // OCTET_OPS_OP_HPP_
