// run() allocates nothing: malloc, calloc, realloc, aligned_alloc, posix_memalign and mmap are
// interposed on every thread.
#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>

#include "octet/import/tflite.hpp"
#include "octet/runtime/session.hpp"
#include "skip.hpp"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OCTET_INTERPOSE 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OCTET_INTERPOSE 0
#endif
#endif
#ifndef OCTET_INTERPOSE
#define OCTET_INTERPOSE 1
#endif

namespace {
[[maybe_unused]] std::atomic<bool> watching{false};
[[maybe_unused]] std::atomic<int> calls{0};
[[maybe_unused]] void note() {
  if (watching.load(std::memory_order_relaxed)) calls.fetch_add(1, std::memory_order_relaxed);
}
}  // namespace

#if OCTET_INTERPOSE && defined(__GLIBC__)
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void* malloc(std::size_t n) {
  note();
  return __libc_malloc(n);
}
void* calloc(std::size_t a, std::size_t b) {
  note();
  return __libc_calloc(a, b);
}
void* realloc(void* p, std::size_t n) {
  note();
  return __libc_realloc(p, n);
}
void* aligned_alloc(std::size_t a, std::size_t n) {
  note();
  return __libc_memalign(a, n);
}
void* memalign(std::size_t a, std::size_t n) {
  note();
  return __libc_memalign(a, n);
}
int posix_memalign(void** to, std::size_t a, std::size_t n) {
  note();
  *to = __libc_memalign(a, n);
  return *to ? 0 : 12;
}
void* mmap(void* at, std::size_t n, int protection, int flags, int fd, off_t offset) noexcept {
  note();
  return reinterpret_cast<void*>(syscall(SYS_mmap, at, n, protection, flags, fd, offset));
}
}
#endif

TEST_CASE("run allocates nothing, with one thread and with several", "[native]") {
#if !(OCTET_INTERPOSE && defined(__GLIBC__))
  return octet_test::skip("allocation is interposed by a sanitizer here");
#else
  {  // the interposition works: otherwise the test could not fail
    calls = 0;
    watching = true;
    void* volatile p = std::malloc(100);
    void* volatile q = ::operator new(64, std::align_val_t(64));
    watching = false;
    std::free(p);
    ::operator delete(q, std::align_val_t(64));
    REQUIRE(calls == 2);
  }
  const auto g =
      octet::import::try_tflite(std::string(OCTET_SOURCE_DIR) + "/examples/digits/digits.tflite");
  REQUIRE(g);
  for (unsigned threads : {1u, 3u}) {
    octet::plan_options o;
    o.threads = threads;
    const auto p = octet::try_compile(*g, o);
    INFO((p ? std::string() : p.error().message()));
    REQUIRE(p);
    octet::session s(*p);
    calls = 0;
    watching = true;
    for (int i = 0; i < 20; ++i) s.run();
    watching = false;
    CHECK(calls == 0);
  }
#endif
}
