// A finished graph as a type: tensor types, arena offsets, sizes and multipliers are constants; the
// object holds arena, packed weights and steps.
#ifndef OCTET_TYPED_COMPILED_HPP_
#define OCTET_TYPED_COMPILED_HPP_

#include <boost/hana/for_each.hpp>
#include <boost/hana/tuple.hpp>
#include <optional>

#include "octet/core/names.hpp"
#include "octet/runtime/run_steps.hpp"
#include "octet/typed/flat.hpp"
#include "octet/typed/prepare.hpp"

OCTET_NAMESPACE_BEGIN
namespace typed {

namespace detail {

/// The targets a network's memory must suffice for.
template <target On> inline constexpr target one_target[] = {On};
template <target On> constexpr std::span<const target> targets_of() {
  if constexpr (On == target::automatic)
    return kernels::targets_of_architecture;
  else
    return one_target<On>;
}

/// What a network takes on one target: of params and packed weights, of scratch.
struct target_bytes {
  std::size_t storage = 0, scratch = 0;
};
/// Where every tensor lies, which nodes only rename bytes, and what the rest takes.
template <flat_counts K> struct layout {
  std::array<std::size_t, K.tensors>
      offset{};                         // of values, in the arena; of states, among the states
  std::array<bool, K.nodes> skipped{};  // no step: the result is the first input's bytes
  std::size_t arena = 0, state = 0;
  std::array<target_bytes, node_memory::most_targets> on{};  // for each target
  mistake_info wrong{};  // the first node that its operator has no form for
};
/// Expected: the roundings that the operator has for these types, if any; found: types of inputs
/// and results, then the rounding.
constexpr mistake_info without_form(const op_def& op, const node_view& n, std::int32_t line) {
  dims expected, found;
  for (const rounding r : enumerators<rounding>)
    for (const form& f : op.forms)
      if (f.roundings.contains(r) && octet::detail::has_types(op, f, n)) {
        if (expected.rank < dims::max_rank) expected.push_back(static_cast<std::int32_t>(r));
        break;
      }
  for (const auto& list : {n.in, n.out})
    for (const tensor_desc& t : list)
      if (found.rank + 1 < dims::max_rank) found.push_back(static_cast<std::int32_t>(t.type));
  found.push_back(static_cast<std::int32_t>(n.round));
  return {mistake::no_such_form, pack(expected), pack(found), line, nullptr};
}
template <flat_counts K>
constexpr layout<K> lay_out_image(const image& g, std::span<const target> targets) {
  layout<K> l{};
  std::array<const kernels::target_layout*, node_memory::most_targets> layouts{};
  for (std::size_t i = 0; i < targets.size(); ++i) layouts[i] = kernels::layout_of(targets[i]);
  std::array<step_memory, K.nodes> need{};
  for (std::size_t n = 0; n < K.nodes; ++n) {
    need[n] = memory_of(g, g.nodes[n], {layouts.data(), targets.size()});
    if (need[n].has_form) continue;
    l.wrong = with_view(g, g.nodes[n], [&](const node_view& v) {
      return without_form(*g.nodes[n].op, v, g.nodes[n].line);
    });
    return l;
  }

  using kind = memory_graph::kind;
  std::array<memory_graph::tensor, K.tensors> tensors{};
  for (std::size_t t = 0; t < K.tensors; ++t) {
    const tensor_info& info = g.tensors[t];
    tensors[t] = {bytes_of(unpack(info.shape).elements(), info.type).value,
                  info.role == role::constant ? kind::constant
                  : info.role == role::state  ? kind::state
                                              : kind::value};
  }
  std::array<memory_graph::node, K.nodes> nodes{};
  for (std::size_t n = 0; n < K.nodes; ++n) {
    const node_info& node = g.nodes[n];
    nodes[n] = {node.first_in, node.ins, node.first_out, node.outs, need[n].alias};
  }
  memory_layout placed{l.offset, l.skipped};
  octet::lay_out({tensors, nodes, g.operands, g.inputs, g.outputs}, placed);
  l.arena = placed.arena;
  l.state = placed.states;

  for (std::size_t i = 0; i < targets.size(); ++i)
    for (std::size_t n = 0; n < K.nodes; ++n) {
      if (l.skipped[n]) continue;
      target_bytes& to = l.on[i];
      to.storage += round_up(need[n].params, alignment) + round_up(need[n].on[i].packed, alignment);
      to.scratch = std::max(to.scratch, need[n].on[i].scratch);
    }
  return l;
}
template <flat_counts K> constexpr bool all_declare_memory(const flat_network<K>& f) {
  for (const node_info& n : f.nodes)
    if (n.op->memory == nullptr) return false;
  return true;
}

template <const auto& F, std::size_t T,
          class = std::make_index_sequence<as_size(F.tensors[T].shape.rank)>>
struct tensor_type_of;
template <const auto& F, std::size_t T, std::size_t... I>
struct tensor_type_of<F, T, std::index_sequence<I...>> {
  using type = tensor<F.tensors[T].type, shape<F.tensors[T].shape.extent[I]...>,
                      affine{F.tensors[T].scale, F.tensors[T].zero_point}>;
};

/// How a graph becomes a network.
struct compile_options {
  /// The most bytes `arena_bytes` may be.
  std::size_t budget = static_cast<std::size_t>(-1);
  /// The target whose kernels run. `automatic`: the best that the CPU has at start, and memory for
  /// whichever of the architecture's targets that is.
  octet::target on = octet::target::automatic;
  /// Parts that parallel kernels are split into, each with scratch of its own: as many threads run
  /// the network, the caller's included. Results do not depend on it.
  unsigned threads = 1;
};

/// Everything about graph G under law L that is a constant.
template <const auto& G, law L, compile_options O> struct analysis {
  static constexpr law arithmetic = L;
  static constexpr target on = O.on;
  static constexpr unsigned threads = O.threads == 0 ? 1 : O.threads;
  static constexpr flat_counts counts = count(G);
  static constexpr flat_network<counts> flat = flatten<counts>(G, L);
  static constexpr std::array<attribute, counts.attributes> attributes = attributes_of(flat);
  static constexpr image tables{flat.nodes,  flat.tensors, attributes,        flat.operands,
                                flat.inputs, flat.outputs, flat.output_names, L};
  static constexpr layout<counts> places = [] {
    if constexpr (flat.wrong.what == mistake::none) {
      static_assert(all_declare_memory(flat),
                    "octet: an operator of this graph does not say what memory it takes: "
                    "op_def::memory");
      return lay_out_image<counts>(tables, targets_of<O.on>());
    } else {
      return layout<counts>{};
    }
  }();
  static constexpr mistake_info wrong =
      flat.wrong.what != mistake::none     ? flat.wrong
      : places.wrong.what != mistake::none ? places.wrong
      : places.arena > O.budget
          ? mistake_info{mistake::arena_over_budget,
                         pack(dims{static_cast<std::int32_t>(O.budget)}),
                         pack(dims{static_cast<std::int32_t>(places.arena)}), 0, nullptr}
          : mistake_info{};
};

template <class A, bool Sound> class program;

/// A graph with a mistake: says which, and has what keeps further errors away.
template <class A, std::size_t... E, std::size_t... F>
requires(A::wrong.name != nullptr) auto report(std::index_sequence<E...>, std::index_sequence<F...>)
    ->
    typename error::class_of<A::wrong.what>::template type<expected<A::wrong.expected.extent[E]...>,
                                                           found_name<A::wrong.name[F]...>,
                                                           at_line<A::wrong.line>>;
template <class A, std::size_t... E, std::size_t... F>
requires(A::wrong.name == nullptr) auto report(std::index_sequence<E...>, std::index_sequence<F...>)
    ->
    typename error::class_of<A::wrong.what>::template type<expected<A::wrong.expected.extent[E]...>,
                                                           found<A::wrong.found.extent[F]...>,
                                                           at_line<A::wrong.line>>;
struct no_program {
  static constexpr std::size_t arena_bytes = 0, scratch_bytes = 0, storage_bytes = 0,
                               state_bytes = 0, nodes = 0, tensors = 0, inputs = 0, outputs = 0;
  using input = void;
  using output = void;
  template <class... T> void run(T&&...) noexcept {}
};
template <class A> class program<A, false> : public no_program {
  static constexpr std::size_t numbers = as_size(A::wrong.expected.rank),
                               found = A::wrong.name ? std::string_view(A::wrong.name).size()
                                                     : as_size(A::wrong.found.rank);
  static_assert(sizeof(decltype(report<A>(std::make_index_sequence<numbers>(),
                                          std::make_index_sequence<found>()))) != 0);
};

/// A sound graph: see compiled.
template <class A> class program<A, true> {
 public:
  static constexpr flat_counts counts = A::counts;

 private:
  static constexpr const auto& flat_ = A::flat;
  static constexpr const auto& layout_ = A::places;
  static constexpr image image_ = [] {
    image g = A::tables;
    g.offset = layout_.offset;
    g.skipped = layout_.skipped;
    return g;
  }();
  /// The kernels of this network's operators: a header-only file compiles those alone.
  static constexpr kernels::kernel_set kernels_ = [] {
    kernels::kernel_set used = 0;
    for (const node_info& n : image_.nodes) used |= kernels_of(*n.op);
    return used;
  }();

 public:
  static constexpr law arithmetic = A::arithmetic;
  static constexpr std::size_t nodes = counts.nodes, tensors = counts.tensors,
                               inputs = counts.inputs, outputs = counts.outputs;

  /// Type of any tensor, of an input, of a result.
  template <std::size_t T> using tensor_type = typename tensor_type_of<A::flat, T>::type;
  template <std::size_t I> using input_type = tensor_type<as_size(flat_.inputs[I])>;
  template <std::size_t O> using output_type = tensor_type<as_size(flat_.outputs[O])>;
  using input = typename tensor_type_of<A::flat, as_size(flat_.inputs[0])>::type;
  using output = typename tensor_type_of<A::flat, as_size(flat_.outputs[0])>::type;

  /// The target this network is made for; `automatic`: for whichever is best at start.
  static constexpr octet::target on = A::on;
  /// Bytes of the arena for activations (inputs and results included), of scratch for the most
  /// demanding kernel (of one thread: each has its own), of params and packed weights: of the
  /// network's target, or the most that any target of the architecture needs.
  static constexpr std::size_t arena_bytes = layout_.arena;
  static constexpr std::size_t scratch_bytes = [] {
    std::size_t most = 0;
    for (const target_bytes& b : layout_.on) most = std::max(most, b.scratch);
    return most;
  }();
  static constexpr std::size_t storage_bytes = [] {
    std::size_t most = 0;
    for (const target_bytes& b : layout_.on) most = std::max(most, b.storage);
    return most;
  }();
  /// The part of storage and scratch that a target uses; nothing if it is none of this network's.
  static constexpr target_bytes bytes_on(octet::target t) {
    const auto targets = targets_of<A::on>();
    for (std::size_t i = 0; i < targets.size(); ++i)
      if (targets[i] == t) return layout_.on[i];
    return {};
  }
  /// Bytes that recurrent operators keep from run to run.
  static constexpr std::size_t state_bytes = layout_.state;
  /// Arena offset of a tensor that is not a constant.
  static constexpr std::size_t offset(std::size_t tensor) { return layout_.offset[tensor]; }
  static constexpr const node_info& node(std::size_t i) { return flat_.nodes[i]; }
  /// What node `n` multiplies accumulators of channel c with: the fields its rounding uses are set.
  /// Needs scales that are constants.
  static constexpr channel_scale multiplier(std::size_t n, std::size_t c = 0) {
    return scale_of(image_, n, c);
  }

  /// Prepares for the network's target, or the best of this CPU. A node that its operator refuses
  /// (an unsupported combination of types) throws octet::error, or ends the program where
  /// exceptions are off; prepare() reports it instead.
  program() { octet::detail::require(prepare()); }
  struct later {};
  explicit program(later) noexcept {}
  program(const program&) = delete;
  program& operator=(const program&) = delete;

  /// Packs the weights for a target, fills the steps, resets the states and, the first time, starts
  /// the threads of a network that has several; no heap otherwise unless it fails. A network that
  /// is made for one target takes no other.
  status prepare(octet::target wanted = octet::target::automatic) {
    if (wanted == octet::target::automatic) wanted = on;
    if (on != octet::target::automatic && wanted != on)
      return unsupported("target", std::string(octet::name_of(wanted)),
                         std::string(octet::name_of(on)));
    memory_ = plan_memory({storage_, sizeof storage_});
    reset();
    status done =
        detail::prepare(image_, wanted, kernels::finder_among<kernels_>(), A::threads, memory_,
                        arena_, state_, scratch_bytes, steps_.data(), operands_.data(), used_);
    if constexpr (A::threads > 1)
      for (const step& s : steps())
        if (s.parts > 1 && !pool_) pool_.emplace(A::threads);
    return done;
  }

  /// Threads that run it, the caller's included: 1 where no kernel can be split, and fewer than
  /// asked for where the system could not start as many (the results are the same).
  unsigned threads() const noexcept {
    if constexpr (A::threads > 1) return pool_ ? pool_->running() : 1;
    return 1;
  }

  /// run(inputs..., results...): each argument is memory of the right element type and count
  /// (std::array, C array, std::span of fixed extent).
  template <class... Memory> void run(Memory&&... a) noexcept {
    static_assert(sizeof...(Memory) == inputs + outputs,
                  "octet: run() takes one argument per input, then one per result");
    if constexpr (sizeof...(Memory) == inputs + outputs) {
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        (copy_in<I>(a), ...);
        run();
        (copy_out<I>(a), ...);
      }
      (std::make_index_sequence<sizeof...(Memory)>());
    }
  }
  /// net("image"_in = pixels)["scores"_out]: every input by its name (octet::literals), in any
  /// order, then the results by theirs ("output", "output_1", ... where the graph gives none). A
  /// name that the network has not does not compile.
  template <class... Given>
  requires(sizeof...(Given) != 0 && (octet::detail::is_given_input<Given> && ...)) auto operator()(
      const Given&... given) noexcept {
    static_assert(sizeof...(Given) == inputs,
                  "octet: a call with names gives every input of the network");
    static_assert(octet::detail::names_differ<Given...>(), "octet: an input is given twice");
    (copy_in<input_index<Given>()>(given.memory), ...);
    run();
    return named_results(*this);
  }
  class named_results {
   public:
    explicit named_results(program& p) : program_(p) {}
    template <fixed_text Name> auto operator[](output_name<Name>) const noexcept {
      constexpr std::size_t o = output_index<output_name<Name>>();
      if constexpr (o < outputs)
        return typename output_type<o>::const_view(program_.template output_view<o>());
    }

   private:
    program& program_;
  };
  /// Runs on what input<I>() holds. No allocation, no lock, no system call with one thread; with
  /// more, futex wait and wake only.
  void run() noexcept {
    const octet::detail::step_list list{steps(), operands_.data(), scratch_, scratch_bytes};
    const auto nothing = [](const step&) {};
    if constexpr (A::threads > 1) {
      if (pool_) return octet::detail::run_steps(list, *pool_, nothing);
    }
    octet::detail::no_pool alone;
    octet::detail::run_steps(list, alone, nothing);
  }

  /// States (recurrent networks) back to their first contents.
  void reset() noexcept { detail::reset(image_, state_); }

  /// Memory of an input or result inside the arena. Write inputs before each run: the arena is
  /// reused while it runs.
  template <std::size_t I = 0> typename input_type<I>::view input_view() noexcept {
    using t = input_type<I>;
    return typename t::view(
        reinterpret_cast<typename t::element*>(arena_ + offset(as_size(flat_.inputs[I]))),
        t::elements);
  }
  template <std::size_t O = 0> typename output_type<O>::view output_view() noexcept {
    using t = output_type<O>;
    return typename t::view(
        reinterpret_cast<typename t::element*>(arena_ + offset(as_size(flat_.outputs[O]))),
        t::elements);
  }
  /// All results: boost::hana::tuple of spans of fixed extent, for boost::hana::for_each and
  /// transform.
  auto output_views() noexcept {
    return [&]<std::size_t... O>(std::index_sequence<O...>) {
      return boost::hana::make_tuple(output_view<O>()...);
    }
    (std::make_index_sequence<outputs>());
  }

  /// The steps as a loaded network's plan holds them.
  std::span<const step> steps() const noexcept { return {steps_.data(), used_}; }
  /// The graph in the IR: what `octet show` prints and octet::compile takes. Constants stay where
  /// they are.
  static graph lower(std::string name = "typed") { return detail::lower(image_, std::move(name)); }

 private:
  template <class Named> static constexpr std::size_t input_index() {
    constexpr std::size_t index = [] {
      std::size_t i = 0;
      while (i < inputs && !same_text(Named::name, flat_.tensors[as_size(flat_.inputs[i])].name))
        ++i;
      return i;
    }();
    static_assert(index < inputs, "octet: the network has no input of this name");
    return index;
  }
  template <class Named> static constexpr std::size_t output_index() {
    constexpr std::size_t index = [] {
      std::size_t o = 0;
      while (o < outputs && !is_name_of_output(Named::name, o)) ++o;
      return o;
    }();
    static_assert(index < outputs, "octet: the network has no output of this name");
    return index;
  }
  static constexpr bool same_text(std::string_view a, const char* b) { return b && a == b; }
  /// As lower() names results.
  static constexpr bool is_name_of_output(std::string_view name, std::size_t o) {
    const char* own = flat_.tensors[as_size(flat_.outputs[o])].name;
    if (flat_.output_names[o] || own)
      return same_text(name, flat_.output_names[o] ? flat_.output_names[o] : own);
    if (o == 0) return name == "output";
    std::size_t number = 0;
    if (name.substr(0, 7) != "output_" || name.size() == 7 || name[7] == '0') return false;
    for (char c : name.substr(7)) {
      if (c < '0' || c > '9' || number > outputs) return false;
      number = number * 10 + as_size(c - '0');
    }
    return number == o;
  }
  template <std::size_t I, class M> void copy_in(M& a) noexcept {
    if constexpr (I < inputs) {
      using t = input_type<I>;
      constexpr bool fits = std::is_constructible_v<typename t::const_view, M&>;
      static_assert(
          fits,
          "octet: an input given to run() has another element type or another number of elements");
      if constexpr (fits)
        std::memcpy(arena_ + offset(as_size(flat_.inputs[I])), typename t::const_view(a).data(),
                    t::bytes);
    }
  }
  template <std::size_t I, class M> void copy_out(M& a) noexcept {
    if constexpr (I >= inputs) {
      using t = output_type<I - inputs>;
      constexpr bool fits = std::is_constructible_v<typename t::view, M&>;
      static_assert(
          fits,
          "octet: a result given to run() has another element type or another number of elements");
      if constexpr (fits)
        std::memcpy(typename t::view(a).data(), arena_ + offset(as_size(flat_.outputs[I - inputs])),
                    t::bytes);
    }
  }
  alignas(alignment) std::byte arena_[arena_bytes == 0 ? 1 : arena_bytes];
  alignas(alignment) std::byte state_[state_bytes == 0 ? 1 : state_bytes];
  alignas(alignment)
      std::byte scratch_[std::max<std::size_t>(1, A::threads* round_up(scratch_bytes, alignment))];
  alignas(alignment) std::byte storage_[storage_bytes == 0 ? 1 : storage_bytes];
  plan_memory memory_;
  std::array<step, nodes == 0 ? 1 : nodes> steps_{};
  std::array<const void*, counts.operands == 0 ? 1 : counts.operands> operands_{};
  std::size_t used_ = 0;
  /// Where a step has several parts. Last: it uses the rest.
  [[no_unique_address]] std::conditional_t<(A::threads > 1), std::optional<thread_pool>,
                                           octet::detail::no_pool>
      pool_{};
};

/// Whether the compiler can read the graph; else nothing of it is looked at.
template <const auto& G> inline constexpr bool is_constant = requires {
  typename std::integral_constant<std::int32_t, G.net.node_count>;
};
template <const auto& G, law L, compile_options O, bool = is_constant<G>> struct program_of {
  using analysis = detail::analysis<G, L, O>;
  using type = program<analysis, analysis::wrong.what == mistake::none>;
};
template <const auto& G, law L, compile_options O> struct program_of<G, L, O, false> {
  using type = no_program;
  static_assert(error::no<std::integral_constant<law, L>>,
                "octet: the graph is not constexpr, or has an error of its own");
};

}  // namespace detail

using detail::compile_options;

/// Graph G under law L. Everything static is a constant; an object is the network ready to run.
/// Make it static: it holds arena and weights. One thread at a time may use an object; with
/// compile_options{.threads = n} it shares the work of a run with n - 1 of its own.
template <const auto& G, law L = law::tflite_ref, compile_options O = compile_options{}>
class compiled : public detail::program_of<G, L, O>::type {
  using base = typename detail::program_of<G, L, O>::type;

 public:
  using base::base;
};

}  // namespace typed
OCTET_NAMESPACE_END

#endif  // OCTET_TYPED_COMPILED_HPP_
