// Running a plan.
#ifndef OCTET_RUNTIME_SESSION_HPP_
#define OCTET_RUNTIME_SESSION_HPP_

#include <memory>
#include <string>
#include <string_view>

#include "octet/core/names.hpp"
#include "octet/graph/print.hpp"
#include "octet/numerics/fp_env.hpp"
#include "octet/plan/prepare_step.hpp"
#include "octet/runtime/plan.hpp"
#include "octet/runtime/threads.hpp"

OCTET_NAMESPACE_BEGIN

/// A named tensor of a session: its memory inside the arena, its description in the plan. Valid as
/// long as the session.
class bound_tensor {
 public:
  bound_tensor(const tensor& t, void* data) : tensor_(&t), data_(data) {}
  /// Of no session: no elements.
  bound_tensor() : tensor_(&nothing()) {}
  std::string_view name() const noexcept { return tensor_->name; }
  dtype type() const noexcept { return tensor_->type; }
  const dims& shape() const noexcept { return tensor_->shape; }
  /// Scale and zero point in the file (1 and 0 where it is not quantized).
  Scale scale() const noexcept { return Scale(tensor_->scales.empty() ? 1.0 : tensor_->scales[0]); }
  ZeroPoint zero_point() const noexcept {
    return ZeroPoint(tensor_->zero_points.empty() ? 0 : tensor_->zero_points[0]);
  }
  bool quantized() const noexcept { return !tensor_->scales.empty(); }
  /// Has a scale for each index of an axis: scale() is the first.
  bool per_channel() const noexcept { return tensor_->scales.size() > 1; }
  tensor_view view() const noexcept { return {data_, tensor_->type, tensor_->shape}; }
  /// The elements; empty where T is not the tensor's element type.
  template <class T> std::span<T> as() const noexcept { return view().as<T>(); }
  /// For messages about floats given for quantized values: how to make these of them. Else empty.
  std::string how_to_quantize(dtype given) const {
    if (given != dtype::f32 || type() == dtype::f32 || !quantized() || per_channel()) return {};
    return "; of floats x: round(x / " + detail::number(scale().value) + ") + " +
           std::to_string(zero_point().value) + ", saturated";
  }
  /// Copies `from` in after checking dtype and shape.
  status try_assign(const const_tensor_view& from) const {
    if (from.type != type() || !(from.shape == shape())) {
      auto e =
          invalid("input", std::string(name_of(from.type)) + to_string(from.shape),
                  std::string(name_of(type())) + to_string(shape()) + how_to_quantize(from.type));
      e.tensor = tensor_->name;
      return e;
    }
    if (from.size_bytes() != 0) std::memcpy(data_, from.data, from.size_bytes());
    return unit{};
  }
  /// Copies elements in after checking element type and count.
  template <class T> status try_assign(std::span<const T> from) const {
    if (dtype_of<T> != type() || from.size() != shape().elements().value) {
      auto e = invalid(
          "input",
          std::string(name_of(dtype_of<T>)) + ", " + std::to_string(from.size()) + " elements",
          std::string(name_of(type())) + to_string(shape()) + how_to_quantize(dtype_of<T>));
      e.tensor = tensor_->name;
      return e;
    }
    if (!from.empty()) std::memcpy(data_, from.data(), from.size_bytes());
    return unit{};
  }
#if defined(__cpp_exceptions)
  void assign(const const_tensor_view& from) const { value_or_throw(try_assign(from)); }
  template <class C> void assign(const C& from) const requires requires {
    std::span<const typename C::value_type>(from);
  }
  { value_or_throw(try_assign(std::span<const typename C::value_type>(from))); }
#endif

 private:
  static const tensor& nothing() {
    static const tensor none = [] {
      tensor t;
      t.shape = dims{0};
      return t;
    }();
    return none;
  }
  const tensor* tensor_;
  void* data_ = nullptr;
};

/// Told of every tensor right after the step that wrote it. Sees memory read-only; the same kernels
/// run with or without it.
struct observer {
  virtual void on_tensor(const plan_data& p, std::size_t step, tensor_id id,
                         const const_tensor_view& value) noexcept = 0;

 protected:
  ~observer() = default;
};

class session;
/// A session of the plan. Errors: an empty plan, no memory for arena or state
/// (errc::out_of_memory).
inline result<session> try_session(plan p);

/// Arena and state of one caller. Make one per application thread; all may share one plan. Not
/// copyable; may be moved. One that is default-made or moved from has no inputs and outputs, and
/// its run() does nothing.
class session {
 public:
  session() = default;
  /// try_session, throwing octet::error; without exceptions an empty session where that fails.
  explicit session(plan p) {
    auto made = try_make(std::move(p));
#if defined(__cpp_exceptions)
    if (!made) throw octet::error(made.error());
#endif
    if (made) impl_ = std::move(made->impl_);
  }
  bool empty() const noexcept { return impl_ == nullptr; }

  const plan& program() const noexcept {
    static const plan none;
    return impl_ ? impl_->program : none;
  }
  std::size_t inputs() const noexcept { return program().source().inputs.size(); }
  std::size_t outputs() const noexcept { return program().source().outputs.size(); }
  /// Threads that run it, the caller's included: fewer than the plan's where the system could not
  /// start as many (the results are the same).
  unsigned threads() const noexcept { return impl_ ? impl_->pool.running() : 1; }
  /// i-th input in the model's own order; write its elements before each run(): the arena reuses
  /// its memory during the run. Without elements where there is no such input.
  bound_tensor input(std::size_t i = 0) noexcept { return at(program().source().inputs, i); }
  bound_tensor output(std::size_t i = 0) noexcept { return at(program().source().outputs, i); }
  result<bound_tensor> try_input(std::string_view name) {
    return find(program().source().inputs, name, "input");
  }
  result<bound_tensor> try_output(std::string_view name) {
    return find(program().source().outputs, name, "output");
  }
#if defined(__cpp_exceptions)
  /// try_resize, throwing octet::error.
  void resize(const named_shapes& shapes) { value_or_throw(try_resize(shapes)); }
  bound_tensor input(std::string_view name) { return value_or_throw(try_input(name)); }
  bound_tensor output(std::string_view name) { return value_or_throw(try_output(name)); }

  /// session("image"_in = pixels)["scores"_out]: assigns every input by its name, runs, and gives
  /// results by name (octet::literals). Inputs given as tensor views have shapes: where these are
  /// others and the plan is resizable(), it resizes. Throws octet::error: a name that the network
  /// has not, an input that is not given, another element type or count.
  template <class... Given>
  requires(sizeof...(Given) != 0 && (detail::is_given_input<Given> && ...)) session& operator()(
      const Given&... given) {
    static_assert(detail::names_differ<Given...>(), "octet: an input is given twice");
    if (program().resizable()) {
      named_shapes others;
      (add_shape(given.name, given.memory, others), ...);
      if (!others.empty()) resize(others);
    }
    (input(given.name).assign(given.memory), ...);
    if (sizeof...(Given) != inputs()) {
      std::string all;
      for (tensor_id t : program().source().inputs)
        all += (all.empty() ? "" : ", ") + program().source()[t].name;
      throw octet::error(invalid("inputs of a call", std::to_string(sizeof...(Given)), all));
    }
    run();
    return *this;
  }
  template <fixed_text Name> bound_tensor operator[](output_name<Name> which) {
    return output(which.name);
  }
#endif

  /// Runs the network. No allocation, no lock, no system call with one thread; with more, futex
  /// wait and wake only.
  void run() noexcept {
    if (impl_) impl_->run(nullptr);
  }
  /// The same, telling `o` of every tensor.
  void run(observer& o) noexcept {
    if (impl_) impl_->run(&o);
  }
  /// State tensors (recurrent networks) back to their initial contents.
  void reset() noexcept {
    if (impl_) impl_->reset();
  }

  /// From here on the network has other shapes of its inputs, given by name:
  /// resize({{"input_ids", {1, 128}}}). Inputs that are not named keep theirs. Weights are shared
  /// with the plan before, and the last plans are kept (plan::try_resized, whose errors it has;
  /// after one the session is as before). Tensors bound before are no longer valid, inputs are to
  /// be written again and states begin anew, unless all shapes are those it has: then nothing
  /// happens. Allocates: not for real-time threads.
  status try_resize(const named_shapes& shapes) {
    auto p = program().try_resized(shapes);
    if (!p) return p.error();
    if (!impl_ || &p->data() == &program().data()) return unit{};
    if (impl::needs_pool(*p) != impl::needs_pool(program())) {
      auto made = try_make(std::move(*p));
      if (!made) return made.error();
      impl_ = std::move(made->impl_);
      return unit{};
    }
    const std::size_t bytes = saturating_add(p->arena_bytes(), p->data().state_bytes);
    if (impl_->change(std::move(*p))) return unit{};
    error_info e = no_memory(bytes);
    e.file = impl_->g().name;
    return e;
  }

 private:
  friend result<session> try_session(plan p);
  static result<session> try_make(plan p) {
    if (p.empty()) return invalid("a session of an empty plan");
    const std::size_t bytes = saturating_add(p.arena_bytes(), p.data().state_bytes);
    std::string name = p.source().name;
    session s;
    s.impl_.reset(new (std::nothrow) impl(std::move(p)));
    if (!s.impl_ || !s.impl_->operands) {
      error_info e = no_memory(bytes);
      e.file = std::move(name);
      return e;
    }
    return s;
  }
  /// Adds the input's shape where it is another than it has.
  template <class Memory>
  void add_shape(std::string_view name, const Memory& memory, named_shapes& to) {
    if constexpr (std::is_convertible_v<const Memory&, const_tensor_view>) {
      const const_tensor_view given(memory);
      if (const auto x = try_input(name); x && !(x->shape() == given.shape))
        to.emplace_back(std::string(name), given.shape);
    }
  }
  bound_tensor at(const std::vector<tensor_id>& list, std::size_t i) noexcept {
    return impl_ && i < list.size() ? impl_->bound(list[i]) : bound_tensor();
  }
  result<bound_tensor> find(const std::vector<tensor_id>& list, std::string_view name,
                            const char* what) {
    std::string known;
    for (tensor_id t : list) {
      if (impl_->g()[t].name == name) return impl_->bound(t);
      known += (known.empty() ? "" : ", ") + impl_->g()[t].name;
    }
    auto e = invalid(std::string("no such ") + what, std::string(name), known);
    e.file = program().source().name;
    return e;
  }

  struct impl {
    plan program;
    buffer arena, state;
    std::unique_ptr<const void*[]> operands;  // address of every operand of every step
    thread_pool pool;
    std::uint32_t current = 0;  // step the pool works on

    /// Parts that there is no memory for stay empty; try_make looks.
    explicit impl(plan p) noexcept : pool(needs_pool(p) ? p.data().options.threads : 1) {
      change(std::move(p));
    }
    /// Memory for this plan instead; a larger arena stays. False, and nothing changes, where there
    /// is none.
    bool change(plan p) noexcept {
      const plan_data& d = p.data();
      const bool larger = p.arena_bytes() > arena.size();
      buffer a = larger ? buffer::try_make(Bytes(p.arena_bytes())) : buffer(),
             s = buffer::try_make(Bytes(d.state_bytes));
      std::unique_ptr<const void*[]> list(new (std::nothrow) const void*[d.operands.size() + 1]);
      if ((larger && a.size() != p.arena_bytes()) || s.size() != d.state_bytes || !list)
        return false;
      if (larger) arena = std::move(a);
      state = std::move(s);
      operands = std::move(list);
      program = std::move(p);
      for (std::size_t i = 0; i < d.operands.size(); ++i)
        operands[i] = d.operands[i] == no_tensor ? nullptr : address(d.operands[i]);
      reset();
      return true;
    }
    static bool needs_pool(const plan& p) {
      for (const step& s : p.data().steps)
        if (s.parts > 1) return true;
      return false;
    }
    const graph& g() const { return program.data().source; }
    void* address(tensor_id t) {
      const placement& w = program.data().where[static_cast<std::size_t>(t)];
      switch (w.in) {
        case placement::where::arena: return arena.data() + w.offset;
        case placement::where::state: return state.data() + w.offset;
        case placement::where::constant:
          return const_cast<void*>(w.data);  // kernels get inputs as const
        case placement::where::nowhere: break;
      }
      return nullptr;
    }
    bound_tensor bound(tensor_id t) { return {g()[t], address(t)}; }
    void reset() noexcept {
      for (std::size_t i = 0; i < g().tensors.size(); ++i) {
        const tensor& t = g().tensors[i];
        if (t.role != tensor::kind::state) continue;
        detail::reset_state(static_cast<std::byte*>(address(static_cast<tensor_id>(i))), t.type,
                            bytes_of(t.shape.elements(), t.type).value, t.data.bytes,
                            t.zero_points.empty() ? 0 : t.zero_points[0]);
      }
    }
    /// One part of one step, on the thread that the pool gives it.
    void call(const step& s, unsigned part) noexcept {
      kernel_args a;
      a.params = s.params;
      a.in = {operands.get() + s.first_in, s.inputs};
      a.out = {const_cast<void* const*>(operands.get() + s.first_out), s.outputs};
      const plan_data& d = program.data();
      a.scratch = arena.data() + round_up(d.activation_bytes, alignment) +
                  part * round_up(d.scratch_bytes, alignment);
      a.part = part;
      a.parts = s.parts;
      s.run(a);
    }
    void run(observer* o) noexcept {
      const numerics::exact_environment
          environment;  // whatever rounding and flush-to-zero mode the application runs in
      const plan_data& d = program.data();
      for (std::size_t i = 0; i < d.steps.size(); ++i) {
        const step& s = d.steps[i];
        if (s.parts <= 1) {
          call(s, 0);
        } else {
          current = static_cast<std::uint32_t>(i);
          pool.run(
              [](void* self, unsigned part) {
                const numerics::exact_environment worker;
                auto* me = static_cast<impl*>(self);
                const step& st = me->program.data().steps[me->current];
                if (part < st.parts) me->call(st, part);
              },
              this);
        }
        if (o)
          for (std::uint32_t k = 0; k < s.outputs; ++k) {
            const tensor_id t = d.operands[s.first_out + k];
            o->on_tensor(d, i, t,
                         const_tensor_view(operands[s.first_out + k], g()[t].type, g()[t].shape));
          }
      }
    }
  };
  std::unique_ptr<impl> impl_;
};

inline result<session> try_session(plan p) { return session::try_make(std::move(p)); }

OCTET_NAMESPACE_END

#endif  // OCTET_RUNTIME_SESSION_HPP_
