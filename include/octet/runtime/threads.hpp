// A small fork-join pool: one job at a time, as many parts as threads. On Linux it calls the futex
// system call itself: std::atomic's wait would yield the CPU several times first.
#ifndef OCTET_RUNTIME_THREADS_HPP_
#define OCTET_RUNTIME_THREADS_HPP_

#include <atomic>
#include <cstdint>
#include <memory>
#include <new>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#define OCTET_PTHREADS 1
#else
#include <thread>
#define OCTET_PTHREADS 0
#endif
#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#endif

#include "octet/core/config.hpp"

OCTET_NAMESPACE_BEGIN

namespace detail {

/// A number that threads wait for. Who changes it asks the system to wake others only where one
/// sleeps: between two layers they spin. Both sides are sequentially consistent: a thread that
/// counts itself as asleep after it was looked for finds the number changed. A cache line of its
/// own: threads that spin on it do not slow down those that take parts.
class alignas(64) signal_word {
 public:
  explicit constexpr signal_word(std::uint32_t v) noexcept : value_(v) {}
  std::uint32_t load() const noexcept { return value_.load(std::memory_order_acquire); }
  /// Nobody waits yet.
  void set(std::uint32_t v) noexcept { value_.store(v, std::memory_order_relaxed); }
  /// Returns the number before.
  std::uint32_t increment() noexcept { return value_.fetch_add(1, std::memory_order_seq_cst); }
  std::uint32_t decrement() noexcept { return value_.fetch_sub(1, std::memory_order_seq_cst); }
  /// Returns when the number may no longer be `old`.
  void wait(std::uint32_t old) noexcept {
    asleep_.fetch_add(1, std::memory_order_seq_cst);
#if defined(__linux__)
    ::syscall(SYS_futex, address(), FUTEX_WAIT_PRIVATE, old, nullptr, nullptr, 0);
#else
    value_.wait(old, std::memory_order_acquire);
#endif
    asleep_.fetch_sub(1, std::memory_order_relaxed);
  }
  /// After a change.
  void wake_all() noexcept {
    if (asleep_.load(std::memory_order_seq_cst) == 0) return;
#if defined(__linux__)
    ::syscall(SYS_futex, address(), FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
#else
    value_.notify_all();
#endif
  }

 private:
#if defined(__linux__)
  static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));
  std::uint32_t* address() noexcept { return reinterpret_cast<std::uint32_t*>(&value_); }
#endif
  std::atomic<std::uint32_t> value_, asleep_{0};
};

/// A thread that may fail to start: then nothing runs, and that is all (std::thread would throw,
/// which ends programs without exceptions).
class worker_thread {
 public:
  bool start(void (*job)(void*), void* context) noexcept {
    job_ = job, context_ = context;
#if OCTET_PTHREADS
    return ::pthread_create(&id_, nullptr, &enter, this) == 0;
#elif defined(__cpp_exceptions)
    try {
      thread_ = std::thread([this] { job_(context_); });
      return true;
    } catch (...) {
      return false;
    }
#else
    thread_ = std::thread([this] { job_(context_); });
    return true;
#endif
  }
  void join() noexcept {
#if OCTET_PTHREADS
    ::pthread_join(id_, nullptr);
#else
    thread_.join();
#endif
  }

 private:
#if OCTET_PTHREADS
  static void* enter(void* self) {
    auto* w = static_cast<worker_thread*>(self);
    w->job_(w->context_);
    return nullptr;
  }
  pthread_t id_{};
#else
  std::thread thread_;
#endif
  void (*job_)(void*) = nullptr;
  void* context_ = nullptr;
};

}  // namespace detail

/// Runs job(context, part) for part 0..threads-1; `run` returns when all parts are done. run()
/// allocates nothing. Each thread takes the part with its number, the caller's thread part 0, job
/// for job: what a part of a layer wrote is in the cache of the core that reads it in the next one.
/// Then it takes what nobody has begun: on a busy machine the caller does not wait for a worker
/// that gets no CPU, it does that part itself. Workers spin briefly (the gap between two layers is
/// microseconds), then sleep. Threads that cannot start are left out: those that run take their
/// parts. A pool that exists has begun: what the system does to
/// start a thread (signal masks, a robust list) is over and cannot fall into a run.
class thread_pool {
 public:
  using job_fn = void (*)(void* context, unsigned part);
  explicit thread_pool(unsigned threads) noexcept : limit_(threads < 1 ? 1 : threads) {
    if (limit_ == 1) return;
    workers_.reset(new (std::nothrow) detail::worker_thread[limit_ - 1]);
    taken_.reset(new (std::nothrow) last_job[limit_]);
    while (workers_ && taken_ && started_ + 1 < limit_ &&
           workers_[started_].start([](void* p) { static_cast<thread_pool*>(p)->work(); }, this))
      ++started_;
    for (std::uint32_t here; (here = begun_.load()) != started_;) begun_.wait(here);
  }
  ~thread_pool() {
    stop_.store(true, std::memory_order_relaxed);
    generation_.increment();
    generation_.wake_all();
    for (unsigned i = 0; i < started_; ++i) workers_[i].join();
  }
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;
  /// Parts of a job.
  unsigned threads() const noexcept { return limit_; }
  /// Threads that take them, the caller's included: fewer where the system started fewer.
  unsigned running() const noexcept { return started_ + 1; }

  void run(job_fn job, void* context) noexcept {
    if (started_ == 0) {
      for (unsigned part = 0; part < limit_; ++part) job(context, part);
      return;
    }
    job_ = job;
    context_ = context;
    pending_.set(limit_);
    const std::uint32_t number = generation_.increment() + 1;
    generation_.wake_all();
    take_parts(0, number);
    std::uint32_t left = pending_.load();
    for (int spin = 0; left != 0 && spin < spins; ++spin) {
      pause();
      left = pending_.load();
    }
    while (left != 0) {
      pending_.wait(left);
      left = pending_.load();
    }
  }

 private:
  static constexpr int spins = 2000;  // about 20-50 microseconds
  /// The job in which a part was last taken. A cache line of its own.
  struct alignas(64) last_job {
    std::atomic<std::uint32_t> number{0};
  };
  static void pause() noexcept {
#if defined(__x86_64__)
    asm volatile("pause");
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
  /// Takes parts of job `number` that nobody has taken, from `own` on. All parts of a job are taken
  /// before the next one begins, so that a worker that comes late finds none; a part that is taken
  /// keeps run() from returning, so that what describes the job stays as it is.
  void take_parts(unsigned own, std::uint32_t number) noexcept {
    for (unsigned i = 0; i < limit_; ++i) {
      const unsigned part = own < limit_ - i ? own + i : own + i - limit_;
      std::uint32_t before = number - 1;
      if (!taken_[part].number.compare_exchange_strong(before, number, std::memory_order_acq_rel,
                                                       std::memory_order_relaxed))
        continue;
      job_(context_, part);
      if (pending_.decrement() == 1) pending_.wake_all();
    }
  }
  void work() noexcept {
    const unsigned own = begun_.increment() + 1;
    begun_.wake_all();
    std::uint32_t seen = 0;
    for (;;) {
      std::uint32_t now = generation_.load();
      for (int spin = 0; now == seen && spin < spins; ++spin) {
        pause();
        now = generation_.load();
      }
      while (now == seen) {
        generation_.wait(seen);
        now = generation_.load();
      }
      seen = now;
      if (stop_.load(std::memory_order_relaxed)) return;
      take_parts(own, now);
    }
  }

  const unsigned limit_;  // threads, and so parts of a job
  job_fn job_ = nullptr;
  void* context_ = nullptr;
  detail::signal_word generation_{0};
  detail::signal_word pending_{0};     // parts that are not done
  detail::signal_word begun_{0};       // workers that are in work()
  std::unique_ptr<last_job[]> taken_;  // each part's
  std::atomic<bool> stop_{false};
  unsigned started_ = 0;
  std::unique_ptr<detail::worker_thread[]> workers_;  // last: they use the rest
};

OCTET_NAMESPACE_END

#endif  // OCTET_RUNTIME_THREADS_HPP_
