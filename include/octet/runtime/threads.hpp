// A small fork-join pool: one job at a time, as many parts as threads. On Linux it calls the futex
// system call itself: std::atomic's wait would yield the CPU several times first.
#ifndef OCTET_RUNTIME_THREADS_HPP_
#define OCTET_RUNTIME_THREADS_HPP_

#include <atomic>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>

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
/// counts itself as asleep after it was looked for finds the number changed.
class signal_word {
 public:
  explicit constexpr signal_word(std::uint32_t v) noexcept : value_(v) {}
  std::uint32_t load() const noexcept { return value_.load(std::memory_order_acquire); }
  /// Returns the number before.
  std::uint32_t increment(std::uint32_t by = 1) noexcept {
    return value_.fetch_add(by, std::memory_order_seq_cst);
  }
  bool has_sleepers() const noexcept { return asleep_.load(std::memory_order_relaxed) != 0; }
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
/// The caller then takes what nobody has begun: on a busy machine it does not wait for a worker
/// that gets no CPU. Workers spin briefly (the gap between two layers is microseconds), then sleep.
/// Threads that cannot start are left out: those that run take their parts. A pool that exists has
/// begun: what the system does to start a thread (signal masks, a robust list) is over and cannot
/// fall into a run.
///
/// Between two layers, what counts is how often a cache line goes from core to core, 0.1 us each:
/// once with a job, all of it, and once back with the number of parts that are done.
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
    call_.number.increment();
    call_.number.wake_all();
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
    call_.job = job;
    call_.context = context;
    const std::uint32_t number = call_.number.increment() + 1;
    call_.number.wake_all();
    job(context, 0);
    unsigned left = limit_ - 1 - take_parts(running(), number);  // what workers do
    std::uint32_t done = done_.load() - done_before_;
    for (int spin = 0; done != left && spin < spins; ++spin) {
      if (spin == patience || call_.number.has_sleepers()) {
        for (unsigned own = 1; own < running(); ++own) left -= take_parts(own, number);
      }
      pause();
      done = done_.load() - done_before_;
    }
    for (; done != left; done = done_.load() - done_before_) done_.wait(done + done_before_);
    done_before_ += left;
  }
  /// The same with a small context that workers get with the job.
  template <class T>
  void run(void (*job)(const T& context, unsigned part), const T& context) noexcept {
    struct bound {
      void (*job)(const T& context, unsigned part);
      T context;
    };
    static_assert(std::is_trivially_copyable_v<T> && sizeof(bound) <= sizeof(call_.copy));
    run(
        [](void* b, unsigned part) {
          const auto& of = *static_cast<const bound*>(b);
          of.job(of.context, part);
        },
        ::new (static_cast<void*>(call_.copy)) bound{job, context});
  }

 private:
  static constexpr int spins = 2000;   // about 20-50 microseconds
  static constexpr int patience = 32;  // about 1: a worker that spins has begun by then
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
  /// Takes the parts of thread `own` in job `number` that nobody has taken; returns how many. All
  /// parts of a job are taken before the next one begins, so that a worker that comes late finds
  /// none; a part that is taken keeps run() from returning, so that what describes the job stays.
  unsigned take_parts(unsigned own, std::uint32_t number) noexcept {
    unsigned taken = 0;
    for (unsigned part = own; part < limit_; part += running()) {
      std::uint32_t before = number - 1;
      if (!taken_[part].number.compare_exchange_strong(before, number, std::memory_order_acq_rel,
                                                       std::memory_order_relaxed))
        continue;
      call_.job(call_.context, part);
      ++taken;
    }
    return taken;
  }
  void work() noexcept {
    const unsigned own = begun_.increment() + 1;
    begun_.wake_all();
    std::uint32_t seen = 0;
    for (;;) {
      std::uint32_t now = call_.number.load();
      for (int spin = 0; now == seen && spin < spins; ++spin) {
        pause();
        now = call_.number.load();
      }
      while (now == seen) {
        call_.number.wait(seen);
        now = call_.number.load();
      }
      seen = now;
      if (stop_.load(std::memory_order_relaxed)) return;
      if (const unsigned taken = take_parts(own, now); taken != 0) {
        done_.increment(taken);
        done_.wake_all();
      }
    }
  }

  /// What workers read of a job: one cache line.
  struct alignas(64) announcement {
    detail::signal_word number{0};
    job_fn job = nullptr;
    void* context = nullptr;
    alignas(8) std::byte copy[40];
  };
  static_assert(sizeof(announcement) == 64);

  const unsigned limit_;  // threads, and so parts of a job
  unsigned started_ = 0;
  std::uint32_t done_before_ = 0;  // this job
  announcement call_;
  alignas(64) detail::signal_word done_{0};   // parts that workers have done, of all jobs
  alignas(64) detail::signal_word begun_{0};  // workers that are in work()
  std::unique_ptr<last_job[]> taken_;         // each part's
  std::atomic<bool> stop_{false};
  std::unique_ptr<detail::worker_thread[]> workers_;  // last: they use the rest
};

OCTET_NAMESPACE_END

#endif  // OCTET_RUNTIME_THREADS_HPP_
