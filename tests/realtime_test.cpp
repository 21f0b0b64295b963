// run() allocates nothing and calls nothing of the system: malloc, calloc, realloc, aligned_alloc,
// posix_memalign and mmap are interposed on every thread, and a child process may make no system
// call (with several threads: futex alone). Allocations and threads that fail are errors, and what
// failed has given back all that it took: free and munmap are interposed too.
#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <new>
#include <vector>

#include "octet/import/mxnet.hpp"
#include "octet/import/octet_file.hpp"
#include "octet/import/onnx.hpp"
#include "octet/import/tflite.hpp"
#include "octet/import/torch.hpp"
#include "octet/runtime/session.hpp"
#include "octet/typed/typed.hpp"
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
[[maybe_unused]] std::atomic<long> live{0};  // allocations and mappings that were not given back
/// libzip 1.7 keeps what it read a member with where a layer of it is refused memory.
[[maybe_unused]] std::atomic<bool> failed_in_libzip{false};
constexpr long kept_by_libzip = 2;
[[maybe_unused]] std::atomic<int> fail_in{-1};  // the allocation that fails, counted down; -1: none
[[maybe_unused]] std::atomic<bool> no_threads{false}, late_threads{false};
[[maybe_unused]] std::atomic<unsigned> late_starts{0}, late_begun{0};
/// False: this allocation fails, with errno as POSIX has it: libc asserts that when a thread's own
/// storage is refused.
[[maybe_unused]] bool note(const void* caller) {
  if (watching.load(std::memory_order_relaxed)) calls.fetch_add(1, std::memory_order_relaxed);
  if (fail_in.load(std::memory_order_relaxed) < 0 ||
      fail_in.fetch_sub(1, std::memory_order_relaxed) != 0)
    return true;
  Dl_info where;
  failed_in_libzip = dladdr(caller, &where) && where.dli_fname && strstr(where.dli_fname, "libzip");
  errno = ENOMEM;
  return false;
}
}  // namespace

#if OCTET_INTERPOSE && defined(__GLIBC__)
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);
static void* taken(void* p) {
  if (p) live.fetch_add(1, std::memory_order_relaxed);
  return p;
}
void* malloc(std::size_t n) {
  return note(__builtin_return_address(0)) ? taken(__libc_malloc(n)) : nullptr;
}
void* calloc(std::size_t a, std::size_t b) {
  return note(__builtin_return_address(0)) ? taken(__libc_calloc(a, b)) : nullptr;
}
void* realloc(void* p, std::size_t n) {
  if (!note(__builtin_return_address(0))) return nullptr;
  void* const moved = __libc_realloc(p, n);
  if (p && (moved || n == 0)) live.fetch_sub(1, std::memory_order_relaxed);
  return taken(moved);
}
void* aligned_alloc(std::size_t a, std::size_t n) {
  return note(__builtin_return_address(0)) ? taken(__libc_memalign(a, n)) : nullptr;
}
void* memalign(std::size_t a, std::size_t n) {
  return note(__builtin_return_address(0)) ? taken(__libc_memalign(a, n)) : nullptr;
}
int posix_memalign(void** to, std::size_t a, std::size_t n) {
  *to = note(__builtin_return_address(0)) ? taken(__libc_memalign(a, n)) : nullptr;
  return *to ? 0 : ENOMEM;
}
void free(void* p) {
  if (p) live.fetch_sub(1, std::memory_order_relaxed);
  __libc_free(p);
}
void* mmap(void* at, std::size_t n, int protection, int flags, int fd, off_t offset) noexcept {
  if (!note(__builtin_return_address(0))) return MAP_FAILED;
  void* const p = reinterpret_cast<void*>(syscall(SYS_mmap, at, n, protection, flags, fd, offset));
  if (p != MAP_FAILED) live.fetch_add(1, std::memory_order_relaxed);
  return p;
}
int munmap(void* at, std::size_t n) noexcept {
  const int failed = static_cast<int>(syscall(SYS_munmap, at, n));
  if (failed == 0) live.fetch_sub(1, std::memory_order_relaxed);
  return failed;
}
/// A thread that the system starts late and that calls it once more before its job: on a busy
/// machine what libc does to start a thread comes after pthread_create has returned.
struct late_start {
  void* (*job)(void*);
  void* context;
  static void* enter(void* p) {
    const auto start = *static_cast<late_start*>(p);
    usleep(30000);
    (void)syscall(SYS_getppid);
    late_begun.fetch_add(1);
    return start.job(start.context);
  }
};
int pthread_create(pthread_t* id, const pthread_attr_t* how, void* (*job)(void*), void* context) {
  if (no_threads.load(std::memory_order_relaxed)) return EAGAIN;
  static late_start starts[8];
  if (late_threads.load(std::memory_order_relaxed)) {
    late_start& s = starts[late_starts.fetch_add(1) % 8];
    s = {job, context};
    job = &late_start::enter, context = &s;
  }
  using function = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto real = reinterpret_cast<function>(dlsym(RTLD_NEXT, "pthread_create"));
  return real(id, how, job, context);
}
}
#endif

namespace {
namespace q = octet::typed;
constexpr std::array<std::int8_t, 32 * 16> weights = [] {
  std::array<std::int8_t, 32 * 16> w{};
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<std::int8_t>(i * 37 % 255);
  return w;
}();
constexpr std::array<std::int32_t, 32> bias{};
using pixels = q::tensor<q::s8, q::shape<1, 12, 12, 16>, q::affine{0.05f, -3}>;
constexpr auto convolution =
    q::input<pixels>() |
    q::conv2d({.filters = 32}, q::per_tensor(weights, 0.01f), bias, {0.06f, 2}) | q::max_pool2d();
template <unsigned Threads>
using typed_on =
    q::compiled<convolution, q::law::tflite_ref, q::compile_options{.threads = Threads}>;
}  // namespace

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
  static typed_on<1> alone{typed_on<1>::later{}};
  static typed_on<3> shared{typed_on<3>::later{}};
  calls = 0;
  watching = true;
  const bool prepared = static_cast<bool>(alone.prepare());
  watching = false;
  CHECK(calls == 0);
  REQUIRE(prepared);
  REQUIRE(shared.prepare());
  CHECK(shared.threads() == (shared.steps()[0].parts == 3 ? 3 : 1));
  calls = 0;
  watching = true;
  for (int i = 0; i < 20; ++i) alone.run(), shared.run();
  watching = false;
  CHECK(calls == 0);
#endif
}

#if OCTET_INTERPOSE && defined(__GLIBC__)
namespace {

octet::result<octet::plan> digits(unsigned threads) {
  auto g =
      octet::import::try_tflite(std::string(OCTET_SOURCE_DIR) + "/examples/digits/digits.tflite");
  if (!g) return g.error();
  octet::plan_options o;
  o.threads = threads;
  return octet::try_compile(std::move(*g), o);
}
std::vector<std::uint8_t> output_of(octet::session& s) {
  const auto v = s.output().view();
  const auto* from = static_cast<const std::uint8_t*>(v.data);
  return {from, from + v.size_bytes()};
}

/// From here on the process is killed by any system call but these.
bool allow_only(std::vector<long> allowed) {
  std::vector<sock_filter> code{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, std::uint32_t{offsetof(seccomp_data, nr)})};
  for (std::size_t i = 0; i < allowed.size(); ++i)
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(allowed[i]),
                            static_cast<std::uint8_t>(allowed.size() - i), 0));
  code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}
enum : int { fine = 0, no_session = 76, no_filter = 77, killed = -1 };
/// Runs a loaded and a typed network in a child that is confined so, then `more`.
template <unsigned Threads> int in_confined_child(void (*more)()) {
  constexpr unsigned threads = Threads;
  const pid_t child = fork();
  if (child == 0) {
    const auto p = digits(threads);
    auto s = p ? octet::try_session(*p) : octet::result<octet::session>(p.error());
    static typed_on<Threads> typed{typename typed_on<Threads>::later{}};
    if (!s || !typed.prepare()) _exit(no_session);
    s->run();
    typed.run();
    std::vector<long> allowed{SYS_exit_group};
    if (threads > 1) allowed.push_back(SYS_futex);
    if (!allow_only(std::move(allowed))) _exit(no_filter);
    for (int i = 0; i < 50; ++i) s->run(), typed.run();
    if (more) more();
    while (late_begun < late_starts) {  // else what a late thread calls would show nothing
    }
    syscall(SYS_exit_group, fine);
  }
  int how = 0;
  REQUIRE(waitpid(child, &how, 0) == child);
  return WIFEXITED(how) ? WEXITSTATUS(how) : killed;
}

}  // namespace

TEST_CASE("run calls nothing of the system with one thread, futex alone with several", "[native]") {
  if (in_confined_child<1>(nullptr) == no_filter)
    return octet_test::skip("this system lets no process confine itself");
  CHECK(in_confined_child<1>([] { (void)syscall(SYS_getppid); }) == killed);  // else nothing shows
  CHECK(in_confined_child<1>(nullptr) == fine);
  CHECK(in_confined_child<3>(nullptr) == fine);
  late_threads = true;
  CHECK(in_confined_child<3>(nullptr) == fine);
  late_threads = false;
}

TEST_CASE("threads that cannot start leave their parts to those that run", "[native]") {
  const auto p = digits(3);
  REQUIRE(p);
  octet::session all(*p);
  CHECK(all.threads() == 3);
  no_threads = true;
  auto alone = octet::try_session(*p);
  no_threads = false;
  REQUIRE(alone);
  CHECK(alone->threads() == 1);
  for (octet::session* s : {&all, &*alone}) {
    auto x = s->input().view();
    std::memset(x.data, 77, x.size_bytes());
    s->run();
  }
  CHECK(output_of(all) == output_of(*alone));
}

namespace {

std::string source(const char* path) { return std::string(OCTET_SOURCE_DIR) + path; }
/// The smallest file of each format that has a layer or a table to prepare.
struct failing_load {
  const char* format;
  octet::result<octet::graph> (*load)();
};
const std::string& octet_bytes() {
  static const std::string bytes = [] {
    const auto g = octet::import::try_tflite(source("/examples/digits/digits.tflite"));
    return g ? octet::import::write_octet(*g) : std::string();
  }();
  return bytes;
}
const failing_load failing_loads[] = {
    {"tflite", [] { return octet::import::try_tflite(source("/examples/digits/digits.tflite")); }},
    {"octet",
     [] {
       return octet::import::try_octet(std::as_bytes(std::span(octet_bytes())), "digits.octet");
     }},
    {"onnx",
     [] { return octet::import::try_onnx(source("/tests/goldens/onnx/qdq_relu_s8.onnx")); }},
    {"mxnet",
     [] {
       octet::import::mxnet_options o;
       o.shapes = {{"", octet::dims{2, 4, 3, 5}}};
       return octet::import::try_mxnet(source("/tests/goldens/mxnet/relu_s8-symbol.json"), o);
     }},
#if defined(OCTET_TEST_TORCH)
    {"torch",
     [] {
       octet::import::torch_options o;
       o.shapes = {{"", octet::dims{328}}};
       return octet::import::try_torch(source("/tests/goldens/torch/quantize_half.pt"), o);
     }},
#endif
};

}  // namespace

namespace {
/// What loading, planning, a session and a run made of it while one allocation failed.
struct attempt {
  bool done = false;  // nothing failed
  bool ran = false;   // there was a session, and it ran
  bool named = true;  // an error of loading names the file
  bool told = true;   // an error says something
  long left = 0;      // allocations, mappings and files that were not given back
};
/// The lowest number that no open file has.
int next_file() {
  const int next = dup(STDERR_FILENO);
  close(next);
  return next;
}
template <class Load> void try_all(const Load& load, attempt& a) {
  try {
    auto g = load();
    if (!g) a.named = !g.error().file.empty();
    octet::plan_options o;
    o.threads = 2;
    const auto p = g ? octet::try_compile(std::move(*g), o) : octet::result<octet::plan>(g.error());
    auto s = p ? octet::try_session(*p) : octet::result<octet::session>(p.error());
    if (s) s->run(), a.ran = true;
    a.done = fail_in >= 0;
    fail_in = -1;
    if (!s) a.told = !s.error().message().empty();
  } catch (const std::bad_alloc&) {  // no memory for the error, or for this test's own
    fail_in = -1;
  }
}
/// One attempt in which allocation `n` fails. Nothing of the test's own is allocated meanwhile.
template <class Load> attempt attempt_without(const Load& load, int n) {
  attempt a;
  const int files = next_file();
  const long before = live;
  failed_in_libzip = false;
  fail_in = n;
  try_all(load, a);
  a.left = live - before + (next_file() - files);
  if (failed_in_libzip && a.left <= kept_by_libzip) a.left = 0;
  return a;
}
/// Whether loading, planning, a session and a run make it while allocation `n` fails; counts those
/// that did not. An error names the file, says something, and leaves nothing behind.
template <class Load> bool survives(const Load& load, int n, int& failed) {
  attempt a = attempt_without(load, n);
  // Tables that are made once and kept, and what libc keeps of threads: not a second time.
  if (a.left > 0) a = attempt_without(load, n);
  if (!a.named || !a.told || a.left > 0 || (a.done && !a.ran)) {
    INFO("allocation " << n);
    CHECK(a.named);
    CHECK(a.told);
    CHECK(a.left <= 0);
    if (a.done) REQUIRE(a.ran);  // else this tries a file that never loads
  }
  failed += !a.ran;
  return a.done;
}
}  // namespace

TEST_CASE("memory and files that stay behind are seen", "[native]") {  // else none ever would be
  void* block = nullptr;
  int file = -1;
  const auto keeps = [&] {
    block = std::malloc(10);
    file = dup(STDERR_FILENO);
    return octet::result<octet::graph>(
        octet::error_info{octet::errc::io, "x", "f", {}, {}, {}, {}});
  };
  const auto load = [] { return failing_loads[0].load(); };
  constexpr int none = 1 << 30;
  (void)attempt_without(load, none);
  CHECK(attempt_without(load, none).left == 0);
  CHECK(attempt_without(keeps, none).left == 2);
  std::free(block);
  close(file);
}

TEST_CASE("an allocation that fails, anywhere from file to first run, is an error", "[native]") {
  REQUIRE_FALSE(octet_bytes().empty());
  for (const failing_load& f : failing_loads) {
    INFO(f.format);
    int failed = 0;
    for (int n = 0; !survives(f.load, n, failed); ++n) REQUIRE(n < 1000000);
    CHECK(failed > 20);
  }
}

TEST_CASE("an allocation that fails, somewhere in each golden, is an error", "[native]") {
  // The places move from file to file, by a prime: operators have many files.
  constexpr int tries = 17, most = 1 << 30;
  int files = 0, failed = 0;
  const auto each = [&](const char* folder, const char* ending, const auto& load) {
    for (const auto& e : std::filesystem::directory_iterator(
             source((std::string("/tests/goldens/") + folder).c_str()))) {
      const std::string path = e.path().string();
      if (!path.ends_with(ending)) continue;
      INFO(path);
      const auto loads = [&] { return load(path); };
      fail_in = most;
      bool loaded = false;
      if (auto g = loads()) {
        octet::plan_options o;
        o.threads = 2;
        if (const auto p = octet::try_compile(std::move(*g), o))
          if (auto s = octet::try_session(*p)) s->run(), loaded = true;
      }
      const int all = most - fail_in;
      fail_in = -1;
      if (!loaded) continue;  // takes options
      ++files;
      for (int i = 0; i < tries; ++i)
        survives(loads, static_cast<int>((files * 7919LL + all * i / tries) % all), failed);
    }
  };
  each("tflite", ".tflite", [](const std::string& f) { return octet::import::try_tflite(f); });
  each("onnx", ".onnx", [](const std::string& f) { return octet::import::try_onnx(f); });
  each("mxnet", "-symbol.json", [](const std::string& f) { return octet::import::try_mxnet(f); });
#if defined(OCTET_TEST_TORCH)
  each("torch", ".pt", [](const std::string& f) { return octet::import::try_torch(f); });
#endif
  CHECK(files > 900);
  CHECK(failed > files);
}
#endif
