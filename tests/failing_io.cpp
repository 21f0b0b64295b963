// The command line where reading and writing fail: the n-th system call on a file of the model or
// of the outputs is refused, for every n, through load, convert, codegen, show, explain and run,
// for each format. Each time exit code 3, one line that says what and where, and no file but whole
// ones; or exit code 0 and all that was asked for (what cannot be closed was read all the same).
//
//   failing_io OCTET SOURCE_DIR
//
// The calls are caught where the process meets the system (seccomp), so that those of libraries are
// among them, and octet is the program that users have; with sanitizers a leak is another exit
// code. Needs no library: a second to compile.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fs = std::filesystem;

namespace {

constexpr int skipped = 77;

// ---- system calls that fail ----

/// What a caught call works on: a path that it is given, or a descriptor.
struct caught_call {
  long number;
  const char* name;
  int path, descriptor;  // which argument; -1: none
};
constexpr caught_call caught[] = {
    {SYS_openat, "openat", 1, -1},       {SYS_newfstatat, "newfstatat", 1, 0},
    {SYS_read, "read", -1, 0},           {SYS_readv, "readv", -1, 0},
    {SYS_pread64, "pread", -1, 0},       {SYS_mmap, "mmap", -1, 4},
    {SYS_lseek, "lseek", -1, 0},         {SYS_close, "close", -1, 0},
    {SYS_write, "write", -1, 0},         {SYS_writev, "writev", -1, 0},
    {SYS_pwrite64, "pwrite", -1, 0},     {SYS_mkdirat, "mkdirat", 1, -1},
#if defined(SYS_mkdir)
    {SYS_mkdir, "mkdir", 0, -1},
#endif
#if defined(SYS_rename)
    {SYS_rename, "rename", 0, -1},
#endif
    {SYS_renameat2, "renameat2", 1, -1},
};

/// In the child: from here on caught calls wait for the parent's answer, which comes by the
/// descriptor sent through `to`.
bool let_parent_answer(int to) {
  std::vector<sock_filter> code{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, std::uint32_t{offsetof(seccomp_data, nr)})};
  for (std::size_t i = 0; i < std::size(caught); ++i)
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(caught[i].number),
                            static_cast<std::uint8_t>(std::size(caught) - i), 0));
  code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF));
  sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  const auto fd = static_cast<int>(
      ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
  if (fd < 0) return false;
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message{};
  message.msg_iov = &data, message.msg_iovlen = 1;
  message.msg_control = control, message.msg_controllen = sizeof control;
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET, head->cmsg_type = SCM_RIGHTS, head->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(head), &fd, sizeof fd);
  return ::sendmsg(to, &message, 0) == 1;  // fd stays open until exec: it is not inherited
}
/// In the parent: that descriptor; -1: the system lets no process confine itself so.
int listener_from(int from) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data, message.msg_iovlen = 1;
  message.msg_control = control, message.msg_controllen = sizeof control;
  if (::recvmsg(from, &message, MSG_CMSG_CLOEXEC) != 1) return -1;
  const cmsghdr* head = CMSG_FIRSTHDR(&message);
  if (head == nullptr || head->cmsg_type != SCM_RIGHTS) return -1;
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(head), sizeof fd);
  return fd;
}

std::string text_at(std::uint32_t process, std::uint64_t address) {
  std::string text;
  char piece[64];
  while (text.size() < PATH_MAX) {
    // Not beyond the end of a page: the next may not be there.
    const std::size_t n = sizeof piece - (address + text.size()) % sizeof piece;
    iovec to{piece, n}, from{reinterpret_cast<void*>(address + text.size()), n};
    if (::process_vm_readv(static_cast<pid_t>(process), &to, 1, &from, 1, 0) !=
        static_cast<ssize_t>(n))
      break;
    const std::size_t length = ::strnlen(piece, n);
    text.append(piece, length);
    if (length < n) break;
  }
  return text;
}
std::string path_of(std::uint32_t process, std::uint64_t descriptor) {
  char to[PATH_MAX];
  const std::string link = "/proc/" + std::to_string(process) + "/fd/" +
                           std::to_string(static_cast<std::int32_t>(descriptor));
  const ssize_t n = ::readlink(link.c_str(), to, sizeof to);
  return n > 0 ? std::string(to, static_cast<std::size_t>(n)) : std::string();
}

/// How the n-th call fails: with EIO; or, where it reads, as if the file ended there.
enum class failure : std::uint8_t { error, early_end };

struct outcome {
  int code = -1;        // exit code; 1000 + signal
  int calls = 0;        // on the files that are watched
  std::string refused;  // the one that failed: name and path
};

/// Runs `command`; its call number `fail` on a file below one of `watched` fails; -1: none.
outcome run(const std::vector<std::string>& command, const std::vector<std::string>& watched,
            const std::string& out, const std::string& err, int fail, failure how) {
  outcome o;
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) std::abort();
  const pid_t child = ::fork();
  if (child == 0) {
    std::vector<char*> arguments;
    for (const std::string& a : command) arguments.push_back(const_cast<char*>(a.c_str()));
    arguments.push_back(nullptr);
    const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC),
              to = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666),
              errors = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    ::dup2(in, 0), ::dup2(to, 1), ::dup2(errors, 2);
    ::unsetenv("OCTET_TARGET"), ::unsetenv("OCTET_NUM_THREADS");
    if (!let_parent_answer(pair[1])) ::_exit(skipped);
    ::execv(arguments[0], arguments.data());
    ::_exit(126);
  }
  ::close(pair[1]);
  const int listener = listener_from(pair[0]);
  ::close(pair[0]);
  for (pollfd p{listener, POLLIN, 0};
       listener >= 0 && ::poll(&p, 1, -1) > 0 && p.revents & POLLIN;) {
    seccomp_notif asked{};
    if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0) {
      if (errno == ENOENT || errno == EINTR) continue;
      break;
    }
    seccomp_notif_resp answer{};
    answer.id = asked.id;
    answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    for (const caught_call& c : caught) {
      if (c.number != asked.data.nr) continue;
      std::string path;
      if (c.path >= 0) path = text_at(asked.pid, asked.data.args[c.path]);
      if (path.empty() && c.descriptor >= 0)
        path = path_of(asked.pid, asked.data.args[c.descriptor]);
      bool counts = false;
      for (const std::string& w : watched) counts |= path.starts_with(w);
      if (!counts) continue;
      const bool reads = c.number == SYS_read || c.number == SYS_readv || c.number == SYS_pread64;
      if (how == failure::early_end && !reads) continue;
      // What was read is read, whatever closing says.
      if (c.number == SYS_close && path.find("/out/") == path.npos) continue;
      if (o.calls++ != fail) continue;
      o.refused = std::string(c.name) + " " + path;
      answer.flags = 0;
      answer.error = how == failure::error ? -EIO : 0;
    }
    ::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
  }
  ::close(listener);
  int status = 0;
  ::waitpid(child, &status, 0);
  o.code = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
  return o;
}

// ---- what must hold ----

using files = std::map<std::string, std::string>;  // contents by name

std::string contents(const fs::path& p) {
  std::ifstream f(p, std::ios::binary);
  return {std::istreambuf_iterator<char>(f), std::istreambuf_iterator<char>()};
}
files files_in(const fs::path& folder) {
  files all;
  for (const auto& f : fs::recursive_directory_iterator(folder))
    if (f.is_regular_file()) all[fs::relative(f.path(), folder).string()] = contents(f.path());
  return all;
}

struct trial {
  std::string name;
  std::vector<std::string> arguments;  // OUT/ stands for the folder of outputs
  bool timed = false;                  // outputs hold times: other bytes each run, the same end
  bool reads = false;                  // files that end early are tried as well
};

struct tester {
  std::string octet;
  fs::path folder;
  std::vector<std::string> watched;
  int failed = 0, refusals = 0;

  void complain(const trial& t, const outcome& o, const std::string& what) {
    ++failed;
    std::printf("FAILED %s, %s fails: %s\n", t.name.c_str(), o.refused.c_str(), what.c_str());
  }
  bool whole(const trial& t, const std::string& got, const std::string& want) const {
    if (!t.timed) return got == want;
    const std::size_t end = std::min<std::size_t>(want.size(), 8);
    return got.size() >= end && got.substr(got.size() - end) == want.substr(want.size() - end);
  }
  outcome once(const trial& t, int fail, failure how) {
    const fs::path out = folder / "out";
    fs::remove_all(out);
    fs::create_directory(out);
    std::vector<std::string> command{octet};
    for (std::string a : t.arguments) {
      if (const std::size_t at = a.find("OUT/"); at != a.npos) a.replace(at, 4, out.string() + "/");
      command.push_back(a);
    }
    return run(command, watched, (folder / "stdout").string(), (folder / "stderr").string(), fail,
               how);
  }

  void every_call(const trial& t) {
    for (const failure how : {failure::error, failure::early_end}) {
      if (how == failure::early_end && !t.reads) break;
      const outcome good = once(t, -1, how);
      if (good.code == skipped) std::exit(skipped);
      const files want = files_in(folder / "out");
      const std::string printed = contents(folder / "stdout");
      if (good.code != 0 || (want.empty() && printed.empty()))
        return complain(t, good, "exit code " + std::to_string(good.code) + " where nothing fails");
      int errors = 0;
      for (int n = 0; n < good.calls; ++n) {
        const outcome o = once(t, n, how);
        const files got = files_in(folder / "out");
        const std::string message = contents(folder / "stderr");
        for (const auto& [name, bytes] : got)
          if (!want.contains(name))
            complain(t, o, "left " + name);
          else if (!whole(t, bytes, want.at(name)))
            complain(t, o, "left " + name + " truncated");
        if (o.code == 0) {
          if (got.size() != want.size() || !whole(t, contents(folder / "stdout"), printed))
            complain(t, o, "exit code 0, and not all is there");
        } else {
          ++errors;
          if (o.code != 3) complain(t, o, "exit code " + std::to_string(o.code));
          if (!message.starts_with("octet: ") || message.find('\n') != message.size() - 1 ||
              message.size() < 20)
            complain(t, o, "the message is \"" + message + "\"");
        }
      }
      std::printf("%-24s %-9s %3d calls, %3d of them errors\n", t.name.c_str(),
                  how == failure::error ? "fails" : "ends", good.calls, errors);
      refusals += errors;
      // One that opens, one that reads or maps; of what reads in pieces, one.
      if (errors < (how == failure::error ? 2 : 0))
        complain(t, good, "too few failures had effect");
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string source = fs::canonical(argv[2]).string(), digits = source + "/examples/digits/";
  std::string made = (fs::temp_directory_path() / "octet-failing-io-XXXXXX").string();
  if (::mkdtemp(made.data()) == nullptr) return 2;
  const fs::path folder = fs::canonical(made);  // as the system names it in /proc
  tester t{
      argv[1],
      folder,
      {digits, (folder / "out").string(), (folder / "in").string(), (folder / "stdout").string()}};
  fs::create_directory(folder / "in");
  const std::string octet_file = (folder / "in/digits.octet").string();
  {
    const trial make{"", {"convert", digits + "digits.tflite", "-o", octet_file}};
    const outcome o = t.once(make, -1, failure::error);
    if (o.code != 0) {
      fs::remove_all(folder);
      return o.code == skipped ? skipped : 1;
    }
  }
  struct format {
    const char* name;
    std::string file, shape, input;
  };
  const format formats[] = {
      {"tflite", digits + "digits.tflite", "", digits + "digit_7.input.npy"},
      {"octet", octet_file, "", digits + "digit_7.input.npy"},
      {"torch", digits + "digits.pt", "x=1,1,8,8", digits + "digit_7.input_nchw.npy"},
      {"onnx", digits + "digits.onnx", "", digits + "digit_7.input_nchw.npy"},
      {"mxnet", digits + "digits-symbol.json", "data=1,1,8,8", digits + "digit_7.input_nchw.npy"},
  };
  for (const format& f : formats) {
    std::vector<std::string> shape;
    if (!f.shape.empty()) shape = {"--shape", f.shape};
    const auto with = [&](const char* what, std::vector<std::string> arguments) {
      trial r{std::string(f.name) + " " + what, std::move(arguments)};
      r.timed = std::string_view(what) == "show --html";
      r.reads = std::string_view(what) == "show" || std::string_view(what) == "run";
      r.arguments.insert(r.arguments.begin() + 1, f.file);
      if (r.arguments[0] == "show" || r.arguments[0] == "run")  // the others plan nothing
        r.arguments.insert(r.arguments.begin() + 2, {"--threads", "1"});
      if (r.arguments[0] != "run")  // which takes the shape of its input
        r.arguments.insert(r.arguments.end(), shape.begin(), shape.end());
      t.every_call(r);
    };
    with("show", {"show"});
    with("show --svg", {"show", "--svg", "OUT/g.svg"});
    with("show --html", {"show", "--html", "OUT/g.html"});
    with("convert", {"convert", "-o", "OUT/m.octet"});
    if (std::string(f.name) != "mxnet")  // its activations have several scales
      with("codegen", {"codegen", "-o", "OUT/m.hpp"});
    with("run", {"run", "--input", f.input, "--output", "OUT/y.npy"});
    if (std::string(f.name) == "tflite")
      with("run --dump", {"run", "--input", f.input, "--dump", "OUT/all"});
  }
  fs::remove_all(folder);
  std::printf("%d failures, %d errors given for them\n", t.failed, t.refusals);
  return t.failed == 0 && t.refusals > 0 ? 0 : 1;
}
