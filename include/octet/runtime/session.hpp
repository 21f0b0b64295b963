// Running a plan.
#ifndef OCTET_RUNTIME_SESSION_HPP_
#define OCTET_RUNTIME_SESSION_HPP_

#include <memory>
#include <string>
#include <string_view>

#include "octet/core/names.hpp"
#include "octet/runtime/plan.hpp"

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
  std::string how_to_quantize(dtype given) const;
  /// Copies `from` in after checking dtype and shape.
  status try_assign(const const_tensor_view& from) const;
  /// Copies elements in after checking element type and count.
  template <class T> status try_assign(std::span<const T> from) const {
    return copy_elements(from.data(), from.size(), sizeof(T), dtype_of<T>);
  }
#if defined(__cpp_exceptions)
  void assign(const const_tensor_view& from) const { value_or_throw(try_assign(from)); }
  template <class C> void assign(const C& from) const requires requires {
    std::span<const typename C::value_type>(from);
  }
  { value_or_throw(try_assign(std::span<const typename C::value_type>(from))); }
#endif

 private:
  static const tensor& nothing();
  status copy_elements(const void* from, std::size_t elements, std::size_t each, dtype type) const;
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
result<session> try_session(plan p);

/// Arena and state of one caller. Make one per application thread; all may share one plan. Not
/// copyable; may be moved. One that is default-made or moved from has no inputs and outputs, and
/// its run() does nothing.
class session {
 public:
  session() noexcept;
  session(session&& o) noexcept;
  session& operator=(session&& o) noexcept;
  ~session();
  /// try_session, throwing octet::error; without exceptions an empty session where that fails.
  explicit session(plan p) : session() {
    auto made = try_session(std::move(p));
#if defined(__cpp_exceptions)
    if (!made) throw octet::error(made.error());
#endif
    if (made) *this = std::move(*made);
  }
  bool empty() const noexcept { return impl_ == nullptr; }

  const plan& program() const noexcept;
  std::size_t inputs() const noexcept { return program().source().inputs.size(); }
  std::size_t outputs() const noexcept { return program().source().outputs.size(); }
  /// Threads that run it, the caller's included: fewer than the plan's where the system could not
  /// start as many (the results are the same).
  unsigned threads() const noexcept;
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
      named_shapes shapes;
      bool views = false;
      ((views = add_shape(given.name, given.memory, shapes) || views), ...);
      if (views) resize(shapes);
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
  void run() noexcept;
  /// The same, telling `o` of every tensor.
  void run(observer& o) noexcept;
  /// State tensors (recurrent networks) back to their initial contents.
  void reset() noexcept;

  /// From here on the network has other shapes of its inputs, given by name:
  /// resize({{"input_ids", {1, 128}}}). Inputs that are not named keep theirs, but for extents that
  /// an ONNX file gives the same name as extents of those given, which follow. Weights are shared
  /// with the plan before, and the last plans are kept (plan::try_resized, whose errors it has;
  /// after one the session is as before). Tensors bound before are no longer valid, inputs are to
  /// be written again and states begin anew, unless all shapes are those it has: then nothing
  /// happens. Allocates: not for real-time threads.
  status try_resize(const named_shapes& shapes);

 private:
  friend result<session> try_session(plan p);
  static result<session> try_make(plan p);
  /// Adds the input's shape, where it is given one; true where that is another than it has.
  template <class Memory>
  bool add_shape(std::string_view name, const Memory& memory, named_shapes& to) {
    if constexpr (std::is_convertible_v<const Memory&, const_tensor_view>) {
      const const_tensor_view given(memory);
      if (const auto x = try_input(name)) {
        to.emplace_back(std::string(name), given.shape);
        return !(x->shape() == given.shape);
      }
    }
    return false;
  }
  bound_tensor at(const std::vector<tensor_id>& list, std::size_t i) noexcept;
  result<bound_tensor> find(const std::vector<tensor_id>& list, std::string_view name,
                            const char* what);

  struct impl;
  std::unique_ptr<impl> impl_;
};

OCTET_NAMESPACE_END

#if OCTET_HAS_DEFINITIONS
#include "octet/runtime/session-impl.hpp"
#endif

#endif  // OCTET_RUNTIME_SESSION_HPP_
