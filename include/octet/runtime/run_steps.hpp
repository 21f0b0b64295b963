// Runs prepared steps one after the other: the executor of loaded and of typed networks.
#ifndef OCTET_RUNTIME_RUN_STEPS_HPP_
#define OCTET_RUNTIME_RUN_STEPS_HPP_

#include <span>

#include "octet/core/buffer.hpp"
#include "octet/numerics/fp_env.hpp"
#include "octet/plan/step.hpp"
#include "octet/runtime/threads.hpp"

OCTET_NAMESPACE_BEGIN
namespace detail {

/// Steps and the memory they run on. Owns nothing.
struct step_list {
  std::span<const step> steps;
  const void* const* operands = nullptr;  // address of every operand of every step
  std::byte* scratch = nullptr;           // of all parts, 64-byte aligned
  std::size_t scratch_bytes = 0;          // of one part; the next begins at a multiple of 64
};
/// In place of a thread_pool where no step has several parts: such programs need no thread library.
struct no_pool {
  template <class T> void run(void (*job)(const T&, unsigned), const T& context) noexcept {
    job(context, 0);
  }
};

inline void run_part(const step_list& l, const step& s, kernel_fn run, unsigned part) noexcept {
  const std::size_t scratch_step = round_up(l.scratch_bytes, alignment);
  run({s.params,
       {l.operands + s.first_in, s.inputs},
       // kernels get inputs as const
       {const_cast<void* const*>(l.operands + s.first_out), s.outputs},
       l.scratch + part * scratch_step,
       part,
       s.parts,
       scratch_step});
}
/// All parts of a step's call, each on the thread that takes it.
template <class Pool>
void run_parts(const step_list& l, const step& s, kernel_fn run, Pool& pool) noexcept {
  struct call {
    const step_list* list;
    const step* of;
    kernel_fn run;
  };
  pool.run(
      +[](const call& c, unsigned part) {
        const numerics::exact_environment worker;
        if (part < c.of->parts) run_part(*c.list, *c.of, c.run, part);
      },
      call{&l, &s, run});
}
/// All steps; `after(step)` follows each. Steps of several parts run on `pool`, which has at least
/// as many threads. Computes in the environment that kernels expect, whatever rounding and
/// flush-to-zero mode the application runs in.
template <class Pool, class After>
void run_steps(const step_list& list, Pool& pool, const After& after) noexcept {
  const numerics::exact_environment environment;
  // Threads read it in each step: no line that this one writes meanwhile.
  struct alignas(64) own_lines {
    step_list l;
  };
  const own_lines here{list};
  const step_list& l = here.l;
  for (const step& s : l.steps) {
    if (s.parts <= 1) {
      run_part(l, s, s.run, 0);
    } else {
      if (s.before != nullptr) run_parts(l, s, s.before, pool);
      run_parts(l, s, s.run, pool);
    }
    after(s);
  }
}

}  // namespace detail
OCTET_NAMESPACE_END

#endif  // OCTET_RUNTIME_RUN_STEPS_HPP_
