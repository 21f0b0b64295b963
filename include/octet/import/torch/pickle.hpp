// The pickles of TorchScript archives: a subset of protocol 2, read into values. Nothing is ever
// executed.
#ifndef OCTET_IMPORT_TORCH_PICKLE_HPP_
#define OCTET_IMPORT_TORCH_PICKLE_HPP_

#include <bit>
#include <functional>
#include <limits>
#include <unordered_map>

#include "octet/import/common/error.hpp"
#include "octet/import/torch/value.hpp"

OCTET_NAMESPACE_BEGIN
namespace import::torchscript {

/// Size in bytes of the storage with that key; SIZE_MAX: there is none; SIZE_MAX - 1: not known, do
/// not check (traced inputs have no bytes).
using storage_size = std::function<std::size_t(const std::string& key)>;
inline constexpr std::size_t no_storage = std::numeric_limits<std::size_t>::max();
inline constexpr std::size_t unchecked_storage = no_storage - 1;

/// The opcodes that torch.jit.save writes, by the names of Python's pickletools.
enum class opcode : std::uint8_t {
  mark = '(',
  stop = '.',
  binint = 'J',
  binint1 = 'K',
  binint2 = 'M',
  none = 'N',
  binpersid = 'Q',
  reduce = 'R',
  binunicode = 'X',
  append = 'a',
  build = 'b',
  global = 'c',
  appends = 'e',
  binget = 'h',
  long_binget = 'j',
  binput = 'q',
  long_binput = 'r',
  setitem = 's',
  tuple = 't',
  setitems = 'u',
  binfloat = 'G',
  empty_tuple = ')',
  empty_list = ']',
  empty_dict = '}',
  proto = 0x80,
  newobj = 0x81,
  tuple1 = 0x85,
  tuple2 = 0x86,
  tuple3 = 0x87,
  newtrue = 0x88,
  newfalse = 0x89,
  long1 = 0x8a
};

/// Reads one pickle.
///
/// GLOBAL names only what is on the allow-list (TorchScript classes, storage types, tensor
/// rebuilders, list builders); REDUCE knows what each of those means. Limits: 64 MiB of text,
/// nesting of 256, the heap's number of values. Structures that contain themselves are refused: no
/// program can have them.
class unpickler {
 public:
  static constexpr std::size_t deepest = 256;
  static constexpr std::size_t most_text = std::size_t{1} << 26;

  unpickler(heap& h, std::span<const std::byte> bytes, std::string folder, storage_size sizes)
      : heap_(h), bytes_(bytes), folder_(std::move(folder)), sizes_(std::move(sizes)) {}

  result<value> load() {
    while (!done_) {
      op_at_ = at_;
      const int op = byte();
      if (op < 0) {
        fail("ends before STOP");
        break;
      }
      heap_.count(step_bytes);
      step(static_cast<opcode>(op));
      if (failed_) break;
      if (heap_.full()) {
        fail("too many values");
        error_.code = errc::too_large;
        break;
      }
    }
    if (failed_) return error_;
    if (auto s = check_cycles(root_); !s) return s.error();
    return root_;
  }

 private:
  /// What one opcode can add to stack and memo.
  static constexpr std::size_t step_bytes = sizeof(value) + 8;

  // ---- bytes
  int byte() { return at_ < bytes_.size() ? std::to_integer<int>(bytes_[at_++]) : -1; }
  std::uint64_t little(std::size_t n) {
    if (bytes_.size() - at_ < n) {
      fail("ends inside an argument");
      return 0;
    }
    std::uint64_t v = 0;
    for (std::size_t k = 0; k < n; ++k)
      v |= std::to_integer<std::uint64_t>(bytes_[at_ + k]) << (8 * k);
    at_ += n;
    return v;
  }
  std::string text(std::size_t n) {
    if (bytes_.size() - at_ < n || n > most_text - text_used_) {
      fail(n > most_text - text_used_ ? "too much text" : "ends inside a string");
      return {};
    }
    text_used_ += n;
    std::string s(reinterpret_cast<const char*>(bytes_.data() + at_), n);
    at_ += n;
    return s;
  }
  std::string line() {
    const std::size_t from = at_;
    while (at_ < bytes_.size() && bytes_[at_] != std::byte{'\n'}) ++at_;
    if (at_ == bytes_.size() || at_ - from > 4096) {
      fail("ends inside a name");
      return {};
    }
    return std::string(reinterpret_cast<const char*>(bytes_.data() + from), at_++ - from);
  }
  void fail(std::string what, std::string found = {}, std::string supported = {}) {
    if (failed_) return;
    failed_ = true;
    error_ = malformed("pickle, byte " + std::to_string(op_at_) + ": " + what, std::move(found),
                       std::move(supported));
  }

  // ---- stack
  void push(value v) { stack_.push_back(v); }
  value pop() {
    if (stack_.empty() || (!marks_.empty() && stack_.size() <= marks_.back())) {
      fail("takes a value from an empty stack");
      return {};
    }
    const value v = stack_.back();
    stack_.pop_back();
    return v;
  }
  std::vector<value> pop_to_mark() {
    if (marks_.empty()) {
      fail("has no MARK to go back to");
      return {};
    }
    const std::size_t m = marks_.back();
    marks_.pop_back();
    std::vector<value> v(stack_.begin() + static_cast<std::ptrdiff_t>(m), stack_.end());
    stack_.resize(m);
    return v;
  }
  value tuple(std::size_t n) {
    std::vector<value> v(n);
    for (std::size_t k = n; k-- > 0;) v[k] = pop();
    return heap_.list(std::move(v), kind::tuple);
  }
  void put(std::uint64_t key) {
    if (stack_.empty()) return fail("stores a value from an empty stack");
    heap_.count(sizeof(value) + 32);
    memo_[key] = stack_.back();
  }
  void get(std::uint64_t key) {
    const auto it = memo_.find(key);
    if (it == memo_.end())
      return fail("reads memo " + std::to_string(key) + ", which nothing stored");
    push(it->second);
  }
  /// Puts items into the list or dict on top of the stack.
  void extend(kind k, const std::vector<value>& items) {
    if (failed_) return;
    if (stack_.empty() || !stack_.back().is(k))
      return fail(k == kind::list ? "appends to something that is not a list"
                                  : "sets items of something that is not a dict");
    if (k == kind::dict && items.size() % 2 != 0) return fail("a dict with a key but no value");
    auto& to = stack_.back().c->items;
    heap_.count(items.size() * sizeof(value));
    to.insert(to.end(), items.begin(), items.end());
  }

  /// The last `count` values into the list or dict below them.
  void extend_by(kind k, std::size_t count) {
    std::vector<value> items(count);
    for (std::size_t i = count; i-- > 0;) items[i] = pop();
    extend(k, items);
  }

  void step(opcode op) {
    switch (op) {
      case opcode::proto:
        if (const int v = byte(); v != 2) fail("protocol", std::to_string(v), "2");
        return;
      case opcode::stop:
        root_ = pop();
        done_ = true;
        return;

      case opcode::mark:
        if (marks_.size() >= deepest)
          return fail("more than " + std::to_string(deepest) + " open MARKs");
        return marks_.push_back(stack_.size());
      case opcode::binput: return put(little(1));
      case opcode::long_binput: return put(little(4));
      case opcode::binget: return get(little(1));
      case opcode::long_binget: return get(little(4));

      case opcode::none: return push({});
      case opcode::newtrue: return push(value::of(true));
      case opcode::newfalse: return push(value::of(false));
      case opcode::binint: return push_integer(static_cast<std::int32_t>(little(4)));
      case opcode::binint1: return push_integer(static_cast<std::int64_t>(little(1)));
      case opcode::binint2: return push_integer(static_cast<std::int64_t>(little(2)));
      case opcode::long1: return long_integer();
      case opcode::binfloat: return real();
      case opcode::binunicode: return string();

      case opcode::empty_tuple: return push(heap_.list({}, kind::tuple));
      case opcode::tuple: return push(heap_.list(pop_to_mark(), kind::tuple));
      case opcode::tuple1: return push(tuple(1));
      case opcode::tuple2: return push(tuple(2));
      case opcode::tuple3: return push(tuple(3));
      case opcode::empty_list: return push(heap_.list({}));
      case opcode::append: return extend_by(kind::list, 1);
      case opcode::appends: return extend(kind::list, pop_to_mark());
      case opcode::empty_dict: return push(heap_.make(kind::dict));
      case opcode::setitem: return extend_by(kind::dict, 2);
      case opcode::setitems: return extend(kind::dict, pop_to_mark());

      case opcode::global: return global();
      case opcode::newobj: return new_object();
      case opcode::reduce: return reduce();
      case opcode::build: return build();
      case opcode::binpersid: return persistent(pop());
    }
    const auto code = static_cast<std::uint8_t>(op);
    constexpr char digits[] = "0123456789abcdef";
    fail("opcode outside the subset", std::string("0x") + digits[code >> 4] + digits[code & 15],
         "the opcodes of torch.jit.save, protocol 2");
  }

  // ---- numbers and strings
  void push_integer(std::int64_t v) { push(value::of(v)); }
  /// Little-endian two's complement of as many bytes as it needs.
  void long_integer() {
    const auto n = as_size(little(1));
    if (n > 8) return fail("an integer of more than 64 bits");
    std::uint64_t v = little(n);
    if (n > 0 && n < 8 && (v >> (8 * n - 1) & 1) != 0) v |= ~std::uint64_t{0} << (8 * n);
    push_integer(static_cast<std::int64_t>(v));
  }
  /// Big-endian, unlike all else.
  void real() {
    const std::uint64_t v = little(8);
    std::uint64_t swapped = 0;
    for (int k = 0; k < 8; ++k) swapped |= (v >> (8 * k) & 255) << (56 - 8 * k);
    push(value::of(std::bit_cast<double>(swapped)));
  }
  void string() {
    const auto n = as_size(little(4));
    if (!failed_) push(heap_.string(text(n)));
  }

  // ---- objects
  void new_object() {
    const value args = pop(), cls = pop();
    if (failed_) return;
    if (!cls.is(kind::global) || !cls.c->text.starts_with("__torch__."))
      return fail("NEWOBJ of something that is not a TorchScript class",
                  cls.is(kind::global) ? cls.c->text : std::string(name_of(cls.what)));
    if (!args.is(kind::tuple) || !args.c->items.empty()) return fail("NEWOBJ with arguments");
    push(heap_.make(kind::object, cls.c->text));
  }
  /// The state stays as it is until the program asks for an attribute.
  void build() {
    const value state = pop();
    if (failed_) return;
    if (stack_.empty() || !stack_.back().is(kind::object))
      return fail("BUILD of something that is not an object");
    if (!stack_.back().c->items.empty()) return fail("BUILD of an object twice");
    stack_.back().c->items.push_back(state);
  }

  static scalar storage_type(std::string_view name) {
    constexpr std::pair<std::string_view, scalar> known[] = {
        {"torch.FloatStorage", scalar::f32},     {"torch.DoubleStorage", scalar::f64},
        {"torch.HalfStorage", scalar::f16},      {"torch.BFloat16Storage", scalar::bf16},
        {"torch.LongStorage", scalar::s64},      {"torch.IntStorage", scalar::s32},
        {"torch.ShortStorage", scalar::s16},     {"torch.CharStorage", scalar::s8},
        {"torch.ByteStorage", scalar::u8},       {"torch.BoolStorage", scalar::boolean},
        {"torch.QInt8Storage", scalar::qint8},   {"torch.QUInt8Storage", scalar::quint8},
        {"torch.QInt32Storage", scalar::qint32}, {"torch.QUInt4x2Storage", scalar::quint4x2}};
    for (const auto& [n, s] : known)
      if (n == name) return s;
    return scalar::unknown;
  }
  void global() {
    const std::string module = line();
    std::string name = module + "." + line();
    if (failed_) return;
    constexpr std::string_view allowed[] = {"torch._utils._rebuild_tensor_v2",
                                            "torch._utils._rebuild_qtensor",
                                            "collections.OrderedDict",
                                            "torch.per_tensor_affine",
                                            "torch.per_channel_affine",
                                            "torch.per_channel_affine_float_qparams",
                                            "torch.device",
                                            "torch.jit._pickle.build_intlist",
                                            "torch.jit._pickle.build_tensorlist",
                                            "torch.jit._pickle.build_doublelist",
                                            "torch.jit._pickle.build_boollist",
                                            "torch.jit._pickle.restore_type_tag"};
    bool ok = name.starts_with("__torch__.") || storage_type(name) != scalar::unknown;
    for (std::string_view a : allowed) ok |= a == name;
    if (!ok)
      return fail("GLOBAL that is not on the allow-list", name,
                  "TorchScript classes, tensors, lists");
    push(heap_.make(kind::global, std::move(name)));
  }
  void persistent(const value& v) {
    if (failed_) return;
    enum : std::size_t { tag, type, key_of, device, elements, size };
    const auto fits = [](const std::vector<value>& p) {
      return p.size() == size && p[tag].is(kind::string) && p[tag].c->text == "storage" &&
             p[type].is(kind::global) && p[key_of].is(kind::string) &&
             p[elements].is(kind::integer);
    };
    if (!v.is(kind::tuple) || !fits(v.c->items))
      return fail("BINPERSID of something that is not a storage");
    const std::vector<value>& p = v.c->items;
    storage_data s;
    s.type = storage_type(p[type].c->text);
    if (s.type == scalar::unknown) return fail("storage type", p[type].c->text);
    s.elements = p[elements].i;
    const std::string& key = p[key_of].c->text;
    s.member = folder_ + key;
    const std::size_t bytes = sizes_(key), width = size_of(dtype_of_scalar(s.type));
    if (bytes == no_storage) return fail("storage without data in the archive", s.member);
    if (s.elements < 0 ||
        (bytes != unchecked_storage && saturating_mul(as_size(s.elements), width) > bytes))
      return fail("storage " + s.member + " is smaller than its number of elements",
                  std::to_string(bytes) + " bytes",
                  std::to_string(s.elements) + " elements of " + std::to_string(width) + " bytes");
    push(heap_.storage(std::move(s)));
  }
  void reduce() {
    const value args = pop(), function = pop();
    if (failed_) return;
    if (!function.is(kind::global) || !args.is(kind::tuple))
      return fail("REDUCE of something that is not a function of the allow-list");
    const std::string& name = function.c->text;
    const auto& a = args.c->items;
    if (name == "collections.OrderedDict") {
      push(heap_.make(kind::dict));
    } else if (name == "torch._utils._rebuild_tensor_v2") {
      tensor(a, false);
    } else if (name == "torch._utils._rebuild_qtensor") {
      tensor(a, true);
    } else if (name.starts_with("torch.jit._pickle.") || name == "torch.device") {
      if (a.empty()) return fail("REDUCE without arguments");
      push(a.front());  // the lists and tagged values themselves; their static types are not needed
    } else {
      fail("REDUCE of something that is not a function of the allow-list", name);
    }
  }
  void tensor(const std::vector<value>& a, bool quantized) {
    enum : std::size_t { storage, offset, extents, strides, quantizer, size };
    tensor_data t;
    if (a.size() < (quantized ? size : quantizer) || !a[storage].is(kind::storage) ||
        !a[offset].is(kind::integer) || !read_integers(a[extents], t.size) ||
        !read_integers(a[strides], t.stride))
      return fail("arguments of a tensor");
    t.storage = a[storage].s;
    t.type = t.storage->type;
    t.offset = a[offset].i;
    if (t.size.size() != t.stride.size() || t.size.size() > as_size(dims::max_rank))
      return fail(
          "rank of a tensor",
          std::to_string(t.size.size()) + " sizes, " + std::to_string(t.stride.size()) + " strides",
          "the same number, at most 8");
    if (is_quantized(t.type) != quantized)
      return fail("a quantized tensor on a storage that is not, or the other way round",
                  std::string(name_of(t.type)));
    if (!lies_in_storage(t)) return;
    if (quantized && !quantization(a[quantizer], t))
      return fail("quantization parameters of a tensor", {},
                  "per_tensor_affine, per_channel_affine");
    push(heap_.tensor(std::move(t)));
  }
  bool lies_in_storage(const tensor_data& t) {
    bool empty = false;  // an extent of 0 must not hide others that overflow
    std::size_t count = 1, last = t.offset < 0 ? no_storage : as_size(t.offset);
    for (std::size_t k = 0; k < t.size.size(); ++k) {
      if (t.size[k] < 0 || t.stride[k] < 0 || t.stride[k] > INT32_MAX) {
        fail("size or stride of a tensor",
             std::to_string(t.size[k]) + ", " + std::to_string(t.stride[k]), "0 to 2^31 - 1");
        return false;
      }
      count = saturating_mul(count, std::max<std::size_t>(as_size(t.size[k]), 1));
      empty |= t.size[k] == 0;
      if (t.size[k] > 0)
        last = saturating_add(last, saturating_mul(as_size(t.size[k] - 1), as_size(t.stride[k])));
    }
    if (count > max_elements)
      fail("a tensor of absurd size", std::to_string(count) + " elements", "at most 2^31 - 1");
    else if (!empty && last / (t.type == scalar::quint4x2 ? 2 : 1) >= as_size(t.storage->elements))
      fail("a tensor reaches beyond its storage", "element " + std::to_string(last),
           std::to_string(t.storage->elements) + " elements");
    return !failed_;
  }
  /// Per-channel scales are tensors themselves: their elements are read when the tensor is used
  /// (context::resolve_channels), here they are only linked.
  bool quantization(const value& v, tensor_data& t) {
    if (!v.is(kind::tuple) || v.c->items.size() < one_scale || !v.c->items[scheme].is(kind::global))
      return false;
    const auto& q = v.c->items;
    if (q[scheme].c->text == "torch.per_tensor_affine") return per_tensor(q, t);
    return q[scheme].c->text.starts_with("torch.per_channel_affine") && per_channel(q, t);
  }
  /// Places in a quantizer: with one scale, and with scales along an axis.
  enum quantizer_place : std::size_t {
    scheme,
    scale,
    zero_point,
    one_scale,
    axis = one_scale,
    scale_for_each
  };
  static bool per_tensor(const std::vector<value>& q, tensor_data& t) {
    if (!q[scale].is(kind::real) || !q[zero_point].is(kind::integer) ||
        q[zero_point].i < INT32_MIN || q[zero_point].i > INT32_MAX)
      return false;
    t.scales = {q[scale].d};
    t.zero_points = {static_cast<std::int32_t>(q[zero_point].i)};
    return true;
  }
  static bool per_channel(const std::vector<value>& q, tensor_data& t) {
    if (q.size() < scale_for_each || !q[scale].is(kind::tensor) ||
        !q[zero_point].is(kind::tensor) || !q[axis].is(kind::integer) || q[axis].i < 0 ||
        q[axis].i >= t.rank())
      return false;
    t.axis = static_cast<std::int32_t>(q[axis].i);
    const std::int64_t n = t.size[as_size(t.axis)];
    for (const tensor_data* list : {q[scale].t, q[zero_point].t})
      if (list->rank() != 1 || list->elements() != n) return false;
    t.channel_scales = q[scale].t;
    t.channel_zero_points = q[zero_point].t;
    return true;
  }

  /// Depth-first with an explicit stack; mark 1: on the path, 2: finished.
  status check_cycles(const value& root) {
    struct frame {
      cell* c;
      std::size_t next;
    };
    std::vector<frame> path;
    if (root.has_cell()) {
      root.c->mark = 1;
      path.push_back({root.c, 0});
    }
    while (!path.empty()) {
      frame& f = path.back();
      if (f.next == f.c->items.size()) {
        f.c->mark = 2;
        path.pop_back();
        continue;
      }
      const value& v = f.c->items[f.next++];
      if (!v.has_cell() || v.c->mark == 2) continue;
      if (v.c->mark == 1) return malformed("pickle: a structure that contains itself");
      if (path.size() >= deepest) return too_large("pickle: nesting", {}, std::to_string(deepest));
      v.c->mark = 1;
      path.push_back({v.c, 0});
    }
    return unit{};
  }

  heap& heap_;
  std::span<const std::byte> bytes_;
  std::string folder_;
  storage_size sizes_;
  std::size_t at_ = 0, op_at_ = 0, text_used_ = 0;
  std::vector<value> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, value> memo_;
  value root_;
  bool done_ = false, failed_ = false;
  error_info error_;
};

}  // namespace import::torchscript
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TORCH_PICKLE_HPP_
