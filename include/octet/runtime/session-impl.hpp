// Definition of session. Included by session.hpp unless the build links octet::compiled.
#ifndef OCTET_RUNTIME_SESSION_IMPL_HPP_
#define OCTET_RUNTIME_SESSION_IMPL_HPP_

#include <memory>

#include "octet/graph/print.hpp"
#include "octet/plan/prepare_step.hpp"
#include "octet/runtime/run_steps.hpp"
#include "octet/runtime/session.hpp"

OCTET_NAMESPACE_BEGIN

OCTET_INLINE const tensor& bound_tensor::nothing() {
  static const tensor none = [] {
    tensor t;
    t.shape = dims{0};
    return t;
  }();
  return none;
}
OCTET_INLINE std::string bound_tensor::how_to_quantize(dtype given) const {
  if (!is_float(given) || is_float(type()) || !quantized() || per_channel()) return {};
  return "; of floats x: round(x / " + detail::number(scale().value) + ") + " +
         std::to_string(zero_point().value) + ", saturated";
}
OCTET_INLINE status bound_tensor::try_assign(const const_tensor_view& from) const {
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
OCTET_INLINE status bound_tensor::copy_elements(const void* from, std::size_t elements,
                                                std::size_t each, dtype given) const {
  if (given != type() || elements != shape().elements().value) {
    auto e = invalid("input",
                     std::string(name_of(given)) + ", " + std::to_string(elements) + " elements",
                     std::string(name_of(type())) + to_string(shape()) + how_to_quantize(given));
    e.tensor = tensor_->name;
    return e;
  }
  if (elements != 0) std::memcpy(data_, from, elements * each);
  return unit{};
}

struct session::impl {
  plan program;
  buffer arena, state;
  std::unique_ptr<const void*[]> operands;  // address of every operand of every step
  thread_pool pool;

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
    if ((larger && a.size() != p.arena_bytes()) || s.size() != d.state_bytes || !list) return false;
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
    const placement& w = program.data().where[as_size(t)];
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
  void run(observer* o) noexcept {
    const plan_data& d = program.data();
    const detail::step_list list{d.steps, operands.get(),
                                 arena.data() + round_up(d.activation_bytes, alignment),
                                 d.scratch_bytes};
    detail::run_steps(list, pool, [&](const step& s) {
      if (o == nullptr) return;
      for (std::uint32_t k = 0; k < s.outputs; ++k) {
        const tensor_id t = d.operands[s.first_out + k];
        o->on_tensor(d, static_cast<std::size_t>(&s - d.steps.data()), t,
                     const_tensor_view(operands[s.first_out + k], g()[t].type, g()[t].shape));
      }
    });
  }
};

OCTET_INLINE session::session() noexcept = default;
OCTET_INLINE session::session(session&& o) noexcept = default;
OCTET_INLINE session& session::operator=(session&& o) noexcept = default;
OCTET_INLINE session::~session() = default;
OCTET_INLINE const plan& session::program() const noexcept {
  static const plan none;
  return impl_ ? impl_->program : none;
}
OCTET_INLINE unsigned session::threads() const noexcept {
  return impl_ ? impl_->pool.running() : 1;
}
OCTET_INLINE void session::run() noexcept {
  if (impl_) impl_->run(nullptr);
}
OCTET_INLINE void session::run(observer& o) noexcept {
  if (impl_) impl_->run(&o);
}
OCTET_INLINE void session::reset() noexcept {
  if (impl_) impl_->reset();
}
OCTET_INLINE status session::try_resize(const named_shapes& shapes) {
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
OCTET_INLINE result<session> session::try_make(plan p) {
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
OCTET_INLINE result<session> try_session(plan p) { return session::try_make(std::move(p)); }
OCTET_INLINE bound_tensor session::at(const std::vector<tensor_id>& list, std::size_t i) noexcept {
  return impl_ && i < list.size() ? impl_->bound(list[i]) : bound_tensor();
}
OCTET_INLINE result<bound_tensor> session::find(const std::vector<tensor_id>& list,
                                                std::string_view name, const char* what) {
  std::string known;
  for (tensor_id t : list) {
    if (impl_->g()[t].name == name) return impl_->bound(t);
    known += (known.empty() ? "" : ", ") + impl_->g()[t].name;
  }
  auto e = invalid(std::string("no such ") + what, std::string(name), known);
  e.file = program().source().name;
  return e;
}

OCTET_NAMESPACE_END

#endif  // OCTET_RUNTIME_SESSION_IMPL_HPP_
