// A small fork-join pool: one job at a time, as many parts as threads, futex wait and wake only.
#ifndef OCTET_RUNTIME_THREADS_HPP_
#define OCTET_RUNTIME_THREADS_HPP_

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "octet/core/config.hpp"

OCTET_NAMESPACE_BEGIN

/// Runs job(context, part) for part 0..threads-1; `run` returns when all parts are done. run()
/// allocates nothing. Threads take the parts one by one, the caller's thread too: on a busy machine
/// it does not wait for a worker that gets no CPU, it does that part itself. Workers spin briefly
/// (the gap between two layers is microseconds), then sleep in std::atomic::wait.
class thread_pool {
 public:
  using job_fn = void (*)(void* context, unsigned part);
  explicit thread_pool(unsigned threads) : limit_(threads < 1 ? 1 : threads) {
    for (unsigned i = 1; i < threads; ++i) workers_.emplace_back([this] { work(); });
  }
  ~thread_pool() {
    stop_.store(true, std::memory_order_relaxed);
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    for (auto& w : workers_) w.join();
  }
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;
  unsigned threads() const noexcept { return limit_; }

  void run(job_fn job, void* context) noexcept {
    if (workers_.empty()) {
      job(context, 0);
      return;
    }
    job_ = job;
    context_ = context;
    pending_.store(limit_, std::memory_order_relaxed);
    ticket_.store(((ticket_.load(std::memory_order_relaxed) >> 32) + 1) << 32,
                  std::memory_order_release);
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    take_parts();
    unsigned left = pending_.load(std::memory_order_acquire);
    for (int spin = 0; left != 0 && spin < spins; ++spin) {
      pause();
      left = pending_.load(std::memory_order_acquire);
    }
    while (left != 0) {
      pending_.wait(left, std::memory_order_acquire);
      left = pending_.load(std::memory_order_acquire);
    }
  }

 private:
  static constexpr int spins = 2000;  // about 20-50 microseconds
  static constexpr std::uint64_t closed = 0xffffffff;
  static void pause() noexcept {
#if defined(__x86_64__)
    asm volatile("pause");
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
  /// Takes parts while there are any. The ticket holds the job's number and its next part in one
  /// word, so that a worker that comes late cannot take a part of a job that is over; a part that
  /// is taken keeps run() from returning, so that what describes the job stays as it is.
  void take_parts() noexcept {
    std::uint64_t t = ticket_.load(std::memory_order_acquire);
    while ((t & closed) < limit_) {
      if (!ticket_.compare_exchange_weak(t, t + 1, std::memory_order_acq_rel,
                                         std::memory_order_acquire))
        continue;
      job_(context_, static_cast<unsigned>(t & closed));
      if (pending_.fetch_sub(1, std::memory_order_acq_rel) == 1) pending_.notify_one();
      t = ticket_.load(std::memory_order_acquire);
    }
  }
  void work() noexcept {
    unsigned seen = 0;
    for (;;) {
      unsigned now = generation_.load(std::memory_order_acquire);
      for (int spin = 0; now == seen && spin < spins; ++spin) {
        pause();
        now = generation_.load(std::memory_order_acquire);
      }
      while (now == seen) {
        generation_.wait(seen, std::memory_order_acquire);
        now = generation_.load(std::memory_order_acquire);
      }
      seen = now;
      if (stop_.load(std::memory_order_relaxed)) return;
      take_parts();
    }
  }

  const unsigned limit_;  // threads, and so parts of a job
  job_fn job_ = nullptr;
  void* context_ = nullptr;
  std::atomic<unsigned> generation_{0};
  std::atomic<std::uint64_t> ticket_{closed};  // job's number << 32 | next part
  std::atomic<unsigned> pending_{0};           // parts that are not done
  std::atomic<bool> stop_{false};
  std::vector<std::thread> workers_;  // last: they use the rest
};

OCTET_NAMESPACE_END

#endif  // OCTET_RUNTIME_THREADS_HPP_
