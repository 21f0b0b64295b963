// A small fork-join pool: one job at a time, a static partition, futex wait and wake only.
#ifndef OCTET_RUNTIME_THREADS_HPP_
#define OCTET_RUNTIME_THREADS_HPP_

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "octet/core/config.hpp"

namespace octet::inline OCTET_ABI {

/// Runs job(context, part) for part 0..threads-1; part 0 on the caller's thread. `run` returns when all parts are done.
/// Workers spin briefly (the gap between two layers is microseconds), then sleep in std::atomic::wait. run() allocates nothing.
class thread_pool {
 public:
  using job_fn = void (*)(void* context, unsigned part);
  explicit thread_pool(unsigned threads) {
    for (unsigned i = 1; i < threads; ++i) workers_.emplace_back([this, i] { work(i); });
  }
  ~thread_pool() {
    job_ = nullptr;
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    for (auto& w : workers_) w.join();
  }
  thread_pool(const thread_pool&) = delete;
  thread_pool& operator=(const thread_pool&) = delete;
  unsigned threads() const noexcept { return static_cast<unsigned>(workers_.size()) + 1; }

  void run(job_fn job, void* context) noexcept {
    if (workers_.empty()) {
      job(context, 0);
      return;
    }
    job_ = job;
    context_ = context;
    pending_.store(static_cast<unsigned>(workers_.size()), std::memory_order_relaxed);
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
    job(context, 0);
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
  static constexpr int spins = 2000;   // about 20-50 microseconds
  static void pause() noexcept {
#if defined(__x86_64__)
    asm volatile("pause");
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
  void work(unsigned part) noexcept {
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
      if (!job_) return;
      job_(context_, part);
      if (pending_.fetch_sub(1, std::memory_order_acq_rel) == 1) pending_.notify_one();
    }
  }

  std::vector<std::thread> workers_;
  job_fn job_ = nullptr;
  void* context_ = nullptr;
  std::atomic<unsigned> generation_{0};
  std::atomic<unsigned> pending_{0};
};

}  // namespace octet::inline OCTET_ABI

#endif  // OCTET_RUNTIME_THREADS_HPP_
