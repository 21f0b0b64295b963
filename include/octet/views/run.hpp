// views::run: a network as a view adaptor; views::batch: several elements at a time on several
// threads.
#ifndef OCTET_VIEWS_RUN_HPP_
#define OCTET_VIEWS_RUN_HPP_

#include <memory>
#include <tuple>
#include <vector>

#include "octet/numerics/fp_env.hpp"
#include "octet/runtime/session.hpp"
#include "octet/runtime/threads.hpp"
#include "octet/views/tensor_span.hpp"

OCTET_NAMESPACE_BEGIN
namespace views {
namespace detail {

/// A typed::compiled.
template <class N>
concept typed_network = requires(N& n) {
  typename N::input;
  N::arena_bytes;
  N::state_bytes;
  n.template input_view<0>();
  n.template output_view<0>();
  n.run();
};

/// What one element gives to a network of several inputs: a tuple, one part for each (of
/// ranges::views::zip for instance).
template <class E>
concept tuple_element = !ranges::range<E> && requires {
  std::tuple_size<std::remove_cvref_t<E>>::value;
};
template <class E> constexpr std::size_t parts_of() {
  if constexpr (tuple_element<E>)
    return std::tuple_size<std::remove_cvref_t<E>>::value;
  else
    return 1;
}
template <std::size_t I, class E> constexpr decltype(auto) part_of(E& e) {
  if constexpr (tuple_element<E>) {
    using std::get;
    return get<I>(e);
  } else {
    return e;
  }
}
template <class E, std::size_t I>
using part_t = decltype(part_of<I>(std::declval<std::remove_reference_t<E>&>()));

/// A tensor whose element type is known when the program runs: a result of a loaded network.
template <class E>
concept loaded_tensor = std::is_same_v<std::remove_cvref_t<E>, bound_tensor>;

/// The network behind a typed object, as run_view drives it: `load` puts an element into the
/// memory of its inputs, which is the network's own or a batch's.
template <class Net> class typed_runner {
 public:
  static constexpr std::size_t inputs = Net::inputs, outputs = Net::outputs;
  typed_runner() = default;
  explicit typed_runner(Net& n) : net_(std::shared_ptr<void>(), &n) {}

  template <class E> static constexpr bool fits() {
    constexpr bool parts = parts_of<E>() == inputs;
    static_assert(parts, "octet: views::run takes one part of an element per input of the network");
    if constexpr (parts) return []<std::size_t... I>(std::index_sequence<I...>) {
        return (fits_one<part_t<E, I>, typename Net::template input_type<I>>() && ...);
      }
    (std::make_index_sequence<inputs>());
    else return false;
  }
  template <class E> status check(std::size_t) const { return unit{}; }
  template <class E> bool load(E&& e, void* const* to) const {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return (load_one<typename Net::template input_type<I>>(part_of<I>(e), to[I]) && ...);
    }
    (std::make_index_sequence<inputs>());
  }
  auto result(void* const* from) const {
    if constexpr (outputs == 1)
      return output_at<0>(from);
    else
      return [&]<std::size_t... O>(std::index_sequence<O...>) {
        return std::tuple(output_at<O>(from)...);
      }
    (std::make_index_sequence<outputs>());
  }
  std::array<void*, inputs> input_memory() const {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::array<void*, inputs>{net_->template input_view<I>().data()...};
    }
    (std::make_index_sequence<inputs>());
  }
  std::array<void*, outputs> output_memory() const {
    return [&]<std::size_t... O>(std::index_sequence<O...>) {
      return std::array<void*, outputs>{net_->template output_view<O>().data()...};
    }
    (std::make_index_sequence<outputs>());
  }
  std::array<std::size_t, inputs> input_bytes() const {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return std::array<std::size_t, inputs>{Net::template input_type<I>::bytes...};
    }
    (std::make_index_sequence<inputs>());
  }
  std::array<std::size_t, outputs> output_bytes() const {
    return [&]<std::size_t... O>(std::index_sequence<O...>) {
      return std::array<std::size_t, outputs>{Net::template output_type<O>::bytes...};
    }
    (std::make_index_sequence<outputs>());
  }
  void run() const noexcept { net_->run(); }
  static constexpr bool has_state() { return Net::state_bytes != 0; }
  error_info mismatch() const {  // counts are in the types: only a range of another kind gets here
    return invalid("an element given to views::run", "another number of elements",
                   std::to_string(Net::input::elements));
  }
  /// One more network of the same type, for another thread.
  typed_runner another() const {
    typed_runner r;
    r.net_ = std::make_shared<Net>();
    return r;
  }

 private:
  template <class E, class T> static constexpr bool fits_one() {
    constexpr bool numbers = std::is_same_v<leaf_t<E>, typename T::element>;
    static_assert(numbers,
                  "octet: elements given to views::run are not of the network's input type; "
                  "views::quantize or views::requantize may be missing");
    static_assert(!numbers || count<E> != unknown_count,
                  "octet: a typed network takes elements whose size the compiler knows: "
                  "views::windows<SIZE, STEP>(), a typed_span, arrays");
    static_assert(!numbers || count<E> == unknown_count || count<E> == T::elements,
                  "octet: elements given to views::run have another size than the network's input");
    return numbers && count<E> == T::elements;
  }
  template <class T, class E> static bool load_one(E&& e, void* to) {
    return store_all<typename T::element>(e, static_cast<typename T::element*>(to), T::elements);
  }
  template <std::size_t O> static auto output_at(void* const* from) {
    using T = typename Net::template output_type<O>;
    return tensor_span<const typename T::element, T>(
        typename T::const_view(static_cast<const typename T::element*>(from[O]), T::elements));
  }
  std::shared_ptr<Net> net_;
};

/// A session of a loaded network. Out: the element type that the caller knows the result to have;
/// void: elements are bound_tensor.
template <class Out> class loaded_runner {
 public:
  static constexpr std::size_t inputs = 8, outputs = 1;  // of inputs: as many as a tuple gives
  loaded_runner() = default;
  loaded_runner(std::shared_ptr<session> s, std::size_t output)
      : session_(std::move(s)), output_(output) {}

  template <class E> static constexpr bool fits() {
    constexpr std::size_t parts = parts_of<E>();
    static_assert(parts <= inputs, "octet: views::run takes elements of at most eight parts");
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return (fits_one<part_t<E, I>>() && ...);
    }
    (std::make_index_sequence<parts>());
  }
  /// `elements`: of each window, where the range knows; else 0.
  template <class E> status check(std::size_t elements) const {
    constexpr std::size_t parts = parts_of<E>();
    if (session_->inputs() != parts)
      return at(invalid("views::run: parts of an element", std::to_string(parts),
                        std::to_string(session_->inputs()) + ", one per input"));
    error_info wrong;
    const auto good = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
      using P = part_t<E, I>;
      if constexpr (!loaded_tensor<P>) {
        const bound_tensor t = session_->input(I);
        const std::size_t known = count<P> != unknown_count ? count<P> : elements;
        if (dtype_of<leaf_t<P>> != t.type() ||
            (known != 0 && known != t.shape().elements().value)) {
          wrong = differs(t, dtype_of<leaf_t<P>>, known);
          return false;
        }
      }
      return true;
    };
    if (![&]<std::size_t... I>(std::index_sequence<I...>) {
          return (good(std::integral_constant<std::size_t, I>()) && ...);
        }(std::make_index_sequence<parts>()))
      return wrong;
    if (output_ >= session_->outputs())
      return at(invalid("views::run: output", std::to_string(output_),
                        "one of " + std::to_string(session_->outputs())));
    const bound_tensor y = session_->output(output_);
    if constexpr (!std::is_void_v<Out>)
      if (dtype_of<Out> != y.type())
        return at(invalid("views::run<" + std::string(name_of(dtype_of<Out>)) + ">: output \"" +
                              std::string(y.name()) + "\"",
                          std::string(name_of(y.type())), std::string(name_of(dtype_of<Out>))));
    return unit{};
  }
  template <class E> bool load(E&& e, void* const* to) const {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return (load_one(I, part_of<I>(e), to[I]) && ...);
    }
    (std::make_index_sequence<parts_of<E>()>());
  }
  auto result(void* const* from) const {
    const auto id = session_->program().source().outputs[output_];
    const bound_tensor t(session_->program().source()[id], from[0]);
    if constexpr (std::is_void_v<Out>)
      return t;
    else
      return tensor_span<const Out>(t);
  }
  std::array<void*, inputs> input_memory() const {
    std::array<void*, inputs> a{};
    for (std::size_t i = 0; i < inputs && i < session_->inputs(); ++i)
      a[i] = session_->input(i).view().data;
    return a;
  }
  std::array<void*, outputs> output_memory() const {
    return {session_->output(output_).view().data};
  }
  std::array<std::size_t, inputs> input_bytes() const {
    std::array<std::size_t, inputs> a{};
    for (std::size_t i = 0; i < inputs && i < session_->inputs(); ++i)
      a[i] = session_->input(i).view().size_bytes();
    return a;
  }
  std::array<std::size_t, outputs> output_bytes() const {
    return {session_->output(output_).view().size_bytes()};
  }
  void run() const noexcept { session_->run(); }
  bool has_state() const { return session_->program().data().state_bytes != 0; }
  error_info mismatch() const {
    const bound_tensor t = session_->input(0);
    return differs(t, t.type(), 0);
  }
  loaded_runner another() const {
    return {std::make_shared<session>(session_->program()), output_};
  }

 private:
  template <class P> static constexpr bool fits_one() {
    constexpr bool numbers = loaded_tensor<P> || element<P>;
    static_assert(numbers, "octet: views::run takes ranges of numbers, or of windows of numbers");
    return numbers;
  }
  template <class P> bool load_one(std::size_t i, P&& e, void* to) const {
    const bound_tensor t = session_->input(i);
    if constexpr (loaded_tensor<P>) {
      const tensor_view from = e.view();
      if (from.type != t.type() || from.size_bytes() != t.view().size_bytes()) return false;
      if (from.size_bytes() != 0) std::memmove(to, from.data, from.size_bytes());
      return true;
    } else {
      using T = leaf_t<P>;
      return store_all<T>(e, static_cast<T*>(to), t.shape().elements().value);
    }
  }
  error_info at(error_info e) const {
    e.file = session_->program().source().name;
    return e;
  }
  error_info differs(const bound_tensor& t, dtype type, std::size_t n) const {
    error_info e =
        at(invalid("an element given to views::run",
                   std::string(name_of(type)) + (n == 0 ? ", another number of elements"
                                                        : ", " + std::to_string(n) + " elements"),
                   std::string(name_of(t.type())) + to_string(t.shape())));
    e.tensor = t.name();
    return e;
  }
  std::shared_ptr<session> session_;
  std::size_t output_ = 0;
};

/// Says to the next views::run how many elements to take at a time, and on how many threads.
template <class V> class batch_view : public ranges::view_base {
 public:
  batch_view() = default;
  batch_view(V base, std::size_t n, unsigned threads)
      : base_(std::move(base)), n_(n), threads_(threads) {}
  auto begin() { return ranges::begin(base_); }
  auto end() { return ranges::end(base_); }
  std::size_t window_elements() const {
    if constexpr (requires { base_.window_elements(); })
      return base_.window_elements();
    else
      return 0;
  }
  std::size_t batch_elements() const { return n_; }
  unsigned batch_threads() const { return threads_; }

 private:
  V base_{};
  std::size_t n_ = 1;
  unsigned threads_ = 1;
};
template <class V>
concept batched = requires(const V& v) {
  v.batch_elements();
  v.batch_threads();
};

/// The networks of a batch, its elements and its results, all made with the view.
template <class Runner> class crew {
 public:
  crew(const Runner& first, std::size_t n, unsigned threads)
      : runners_{first}, elements_(n), pool_(threads) {
    while (runners_.size() < threads) runners_.push_back(first.another());
    const auto in = first.input_bytes();
    for (std::size_t i = 0; i < in.size(); ++i) in_bytes_ += round_up(in[i], alignment);
    const auto out = first.output_bytes();
    for (std::size_t o = 0; o < out.size(); ++o) out_bytes_ += round_up(out[o], alignment);
    memory_ = buffer(Bytes(saturating_mul(n, in_bytes_ + out_bytes_)));
  }
  std::size_t elements() const { return elements_; }
  auto input_memory(std::size_t i) {
    return addresses(memory_.data() + i * in_bytes_, runners_[0].input_bytes());
  }
  auto output_memory(std::size_t i) {
    return addresses(memory_.data() + elements_ * in_bytes_ + i * out_bytes_,
                     runners_[0].output_bytes());
  }
  void run(std::size_t n) noexcept {
    given_ = n;
    pool_.run(
        [](void* self, unsigned part) {
          auto& c = *static_cast<crew*>(self);
          for (std::size_t i = part; i < c.given_; i += c.runners_.size()) c.run_one(part, i);
        },
        this);
  }

 private:
  template <std::size_t N>
  static std::array<void*, N> addresses(std::byte* at, const std::array<std::size_t, N>& bytes) {
    std::array<void*, N> a{};
    for (std::size_t k = 0; k < N; ++k) {
      a[k] = at;
      at += round_up(bytes[k], alignment);
    }
    return a;
  }
  void run_one(unsigned part, std::size_t i) noexcept {
    const Runner& r = runners_[part];
    move(r.input_memory(), input_memory(i), r.input_bytes());
    r.run();
    move(output_memory(i), r.output_memory(), r.output_bytes());
  }
  template <std::size_t N>
  static void move(const std::array<void*, N>& to, const std::array<void*, N>& from,
                   const std::array<std::size_t, N>& bytes) noexcept {
    for (std::size_t k = 0; k < N; ++k)
      if (bytes[k] != 0) std::memcpy(to[k], from[k], bytes[k]);
  }
  std::vector<Runner> runners_;
  std::size_t elements_, in_bytes_ = 0, out_bytes_ = 0, given_ = 0;
  buffer memory_;
  thread_pool pool_;
};

/// A network's results for the elements of V.
template <class V, class Runner> class run_view : public ranges::view_base {
  using reference = decltype(std::declval<const Runner&>().result(nullptr));
  using iterator = pass_iterator<run_view, reference>;
  friend iterator;

 public:
  run_view() = default;
  run_view(V base, Runner r) : base_(std::move(base)), runner_(std::move(r)) {
    if constexpr (batched<V>)
      crew_ =
          std::make_shared<crew<Runner>>(runner_, base_.batch_elements(), base_.batch_threads());
  }
  iterator begin() {
    at_.value = ranges::begin(base_);
    fresh_ = false;
    group_at_ = group_ = 0;
    return iterator(this);
  }
  std::default_sentinel_t end() const { return {}; }

 private:
  bool more() { return at_.value != ranges::end(base_); }
  bool done() { return group_at_ == group_ && !more(); }
  void load(void* const* to) {
    const numerics::exact_environment environment;  // elements may be computed while they are read
    auto&& e = *at_.value;
    if (!runner_.load(e, to)) octet::detail::require(runner_.mismatch());
  }
  reference current() {
    if constexpr (batched<V>) {
      if (group_at_ == group_) fill();
      return runner_.result(crew_->output_memory(group_at_).data());
    } else {
      if (!fresh_) run();
      return runner_.result(runner_.output_memory().data());
    }
  }
  void advance() {
    if constexpr (batched<V>) {
      if (group_at_ != group_)
        ++group_at_;
      else
        ++at_.value;  // nobody asked for it
    } else {
      if (!fresh_ && runner_.has_state()) run();  // its memory is of every element
      ++at_.value;
      fresh_ = false;
    }
  }
  void run() {
    load(runner_.input_memory().data());
    runner_.run();
    fresh_ = true;
  }
  void fill() {
    group_at_ = group_ = 0;
    std::size_t n = 0;
    for (; n < crew_->elements() && more(); ++n, ++at_.value) load(crew_->input_memory(n).data());
    crew_->run(n);
    group_ = n;
  }

  V base_{};
  Runner runner_;
  std::shared_ptr<crew<Runner>> crew_;
  uncopied<ranges::iterator_t<V>> at_;
  bool fresh_ = false;                    // the network's results are those of at_
  std::size_t group_at_ = 0, group_ = 0;  // of the results of a batch: the next, how many
};

template <class Runner> struct run_fn {
  Runner runner;
  template <class R> auto operator()(R&& range) const {
    using V = ranges::views::all_t<R>;
    using E = ranges::range_reference_t<V>;
    if constexpr (Runner::template fits<E>()) {
      auto base = ranges::views::all(static_cast<R&&>(range));
      std::size_t elements = 0;
      if constexpr (requires { base.window_elements(); }) elements = base.window_elements();
      octet::detail::require(runner.template check<E>(elements));
      if constexpr (batched<V>)
        if (runner.has_state())
          octet::detail::require(invalid("views::batch", "a network with memory from run to run",
                                         "networks whose results do not depend on the order"));
      return run_view<V, Runner>(std::move(base), runner);
    }
  }
};

template <class Out> auto run_session(std::shared_ptr<session> s, std::size_t output) {
  if (s->empty()) octet::detail::require(invalid("views::run: a session of no plan"));
  return ranges::make_view_closure(
      run_fn<loaded_runner<Out>>{loaded_runner<Out>(std::move(s), output)});
}
inline std::size_t output_index(const session& s, std::string_view name) {
  const graph& g = s.program().source();
  std::string known;
  for (std::size_t i = 0; i < g.outputs.size(); ++i) {
    if (g[g.outputs[i]].name == name) return i;
    known += (known.empty() ? "" : ", ") + g[g.outputs[i]].name;
  }
  error_info e = invalid("views::run: no such output", std::string(name), known);
  e.file = g.name;
  octet::detail::require(e);
  return 0;
}
inline std::shared_ptr<session> borrowed(session& s) {
  return std::shared_ptr<session>(std::shared_ptr<void>(), &s);
}
}  // namespace detail

/// A network in code (typed::compiled) as a view adaptor: each element of the range is its input,
/// each element of the result its output, a tensor_span of the output's type into the network's
/// own memory, valid until the next is asked for; of several outputs a std::tuple of them. A
/// network of several inputs takes tuples (ranges::views::zip). Element types and sizes that do
/// not fit do not compile.
/// Lazy: a network runs when its result is asked for, once for each element; what is not asked for
/// does not run, unless the network has memory from run to run. Allocates nothing for an element.
/// The network must outlive the view, and only one pass may use it at a time.
template <detail::typed_network Net> auto run(Net& net) {
  return ranges::make_view_closure(
      detail::run_fn<detail::typed_runner<Net>>{detail::typed_runner<Net>(net)});
}
/// A loaded network. Elements of the result are bound_tensor, which know their type when the
/// program runs (views::dequantize takes them), or, where the caller names it, tensor_span:
/// `views::run<std::int8_t>(session)`. Of several outputs the one that `output` says.
/// Errors (octet::error; the program ends where exceptions are off), when the view is made: element
/// type, number of inputs, of windows whose size is known the size, the output; when an element is
/// read: its size.
template <class Out = void> auto run(session& s, std::size_t output = 0) {
  return detail::run_session<Out>(detail::borrowed(s), output);
}
template <class Out = void> auto run(session& s, std::string_view output) {
  return detail::run_session<Out>(detail::borrowed(s), detail::output_index(s, output));
}
/// The same in a session of its own, which copies of the view share.
template <class Out = void> auto run(const plan& p, std::size_t output = 0) {
  return detail::run_session<Out>(std::make_shared<session>(p), output);
}

/// Passes elements on as they are; the views::run after it takes up to `n` of them at a time and
/// spreads them over `threads` threads, each with a network of its own that shares what is
/// constant (typed networks: packs its weights again). The results are the same and in the same
/// order. Networks with memory from run to run are refused. n and threads of 0 count as 1.
inline auto batch(std::size_t n, unsigned threads = 1) {
  return ranges::make_view_closure([n, threads]<class R>(R&& range) {
    using V = ranges::views::all_t<R>;
    return detail::batch_view<V>(ranges::views::all(static_cast<R&&>(range)),
                                 std::max<std::size_t>(n, 1), std::max(threads, 1u));
  });
}

}  // namespace views
OCTET_NAMESPACE_END

#endif  // OCTET_VIEWS_RUN_HPP_
