// octet: the command line. Options here, work in cmd_*.cpp.
#include <fcntl.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <new>

#include "commands.hpp"

using namespace octet::tools;

namespace {

// The library reads no environment variable; the command line reads OCTET_TARGET and
// OCTET_NUM_THREADS.
void file_flags(CLI::App& c, model_options& o) {
  c.add_option("MODEL", o.model, "model file")->required();
  c.add_option("--numerics", o.numerics,
               "law: whose arithmetic to follow; default: that of the file's format. "
               "onnxruntime_as_written: no operators of an ONNX file are fused");
  c.add_option("--shape", o.shapes,
               "NAME=1,3,224,224: shape of an input, where the file leaves it open; "
               "NAME=2,128:int64: and element type, where a .pt file records none")
      ->expected(1)
      ->take_all();
  c.add_option("--limit", o.limits,
               "NAME=NUMBER: how much a model may take: file_bytes, tensor_bytes, constant_bytes, "
               "arena_bytes, scratch_bytes, plan_bytes, tensors, nodes, depth, work")
      ->expected(1)
      ->take_all();
  c.add_option("--params", o.params,
               "file of parameters, where they are apart from the model (MXNet's -symbol.json); "
               "default: NAME-0000.params");
  c.add_option("--signature", o.signature,
               "which of the file's signatures to run (.tflite); default: its first subgraph");
}
/// The same for commands that run or plan the model here.
void model_flags(CLI::App& c, model_options& o) {
  file_flags(c, o);
  c.add_option("--target", o.target,
               "instruction set, as `octet info` lists them; default: $OCTET_TARGET, else the best "
               "this CPU has")
      ->envname("OCTET_TARGET");
  c.add_option("--threads", o.threads, "default: $OCTET_NUM_THREADS, else one per physical core")
      ->envname("OCTET_NUM_THREADS")
      ->check(CLI::Range(1u, 1024u));
}

void json_flag(CLI::App& c, std::string& to) {
  c.add_option("--json", to, "write what is found; - for standard output, in place of the text");
}

// What each command takes.
CLI::App* run_flags(CLI::App& app, run_options& o) {
  CLI::App& c = *app.add_subcommand("run", "run a model; compare with a framework's outputs");
  model_flags(c, o);
  c.add_option("--input", o.inputs,
               "[NAME=]FILE, .npy, .csv or .bin, in the model's order, element type and "
               "layout; several along the first axis are one run after another, where the file "
               "fixes that axis: else one run of all")
      ->expected(1)
      ->take_all();
  c.add_option("--image", o.images,
               "[NAME=]photo (BMP, PNG, JPEG), stretched to the input's size; each more is "
               "another run")
      ->expected(1)
      ->take_all();
  c.add_option("FILES", o.files, "the same by their endings: octet run MODEL *.jpg");
  c.add_flag("--raw", o.raw, "--input files of any name are the bytes of the elements, as .bin");
  c.add_option("--mean", o.mean, "one or one per channel: (pixel / 255 - mean) / std")
      ->expected(1, 3);
  c.add_option("--std", o.std, "one or one per channel")->expected(1, 3);
  c.add_option("--output", o.outputs, "[NAME=]FILE to write: .npy, .csv or .bin, raw values")
      ->expected(1)
      ->take_all();
  c.add_option("--reference", o.references,
               "[NAME=]FILE to compare with, bit for bit; exit code 1 where one differs")
      ->expected(1)
      ->take_all();
  c.add_option("--labels", o.labels, "text file, one label a line, for the first output");
  c.add_option("--top", o.top, "best scores of the first output to print; default 5 with --labels")
      ->check(CLI::Range(1u, 1000u));
  c.add_option("--dump", o.dump, "folder for every tensor as .npy, with index.json");
  json_flag(c, o.json);
  return &c;
}
CLI::App* show_flags(CLI::App& app, show_options& o) {
  CLI::App& c = *app.add_subcommand(
      "show", "print a model's graph: shapes, element types, scales, zero points, roundings");
  model_flags(c, o);
  c.add_flag("--plan", o.plan, "after the passes, with kernels and memory");
  c.add_flag("--profile", o.profile, "--plan, with the time of every operator");
  c.add_option("--html", o.html,
               "write one page: the graph, the times, the arena; implies --profile");
  c.add_option("--svg", o.svg, "write a picture of the graph");
  c.add_option("--dot", o.dot, "write a Graphviz file");
  json_flag(c, o.json);
  return &c;
}
CLI::App* bench_flags(CLI::App& app, bench_options& o) {
  CLI::App& c = *app.add_subcommand("bench", "time a model");
  model_flags(c, o);
  c.add_option("--number", o.number, "runs averaged in one measurement (1)")
      ->check(CLI::Range(1u, 1000000u));
  c.add_option("--repeat", o.repeat, "measurements (100, or what fits into 10 s)")
      ->check(CLI::Range(1u, 1000000u));
  c.add_option("--warm-up", o.warm_up, "runs before (3 to 20, 0.2 s)")
      ->check(CLI::Range(1u, 1000000u));
  c.add_flag("--per-op", o.per_op, "a table by operator");
  c.add_option("--compare", o.compare,
               "another model, measured in turns with this one: ratio of medians");
  json_flag(c, o.json);
  return &c;
}
CLI::App* bench_op_flags(CLI::App& app, bench_op_options& o) {
  CLI::App& c = *app.add_subcommand(
      "bench-op",
      "time one operator on this CPU: inputs, weights and scales are made up, the output is "
      "compared with the reference first");
  c.add_option("OPERATOR", o.op,
               "as `octet show` prints it, with or without qnn. (conv2d, softmax, ...), or all")
      ->required();
  c.add_option("--x", o.x, "1,56,56,64: shape of the first input");
  c.add_option("--w", o.w, "shape of the second: weights, the other operand");
  c.add_option("--shape", o.shapes,
               "of the inputs in order, behind --x and --w; what is not "
               "given is made to fit")
      ->expected(1)
      ->take_all();
  c.add_option("--type", o.types,
               "element types of the inputs: s8, or s16,s8 where the usual "
               "others are not meant; default: the law's usual")
      ->delimiter(',');
  c.add_option("--out-type", o.out_types, "of the outputs; default: the usual")->delimiter(',');
  c.add_option("--attr", o.attributes,
               "NAME=VALUE as `octet show` prints it: stride_h=2, perm=0,3,1,2, alpha=0.5")
      ->expected(1)
      ->take_all();
  c.add_option("--law,--numerics", o.numerics, "decides the rounding; default: tflite_ref")
      ->default_str("tflite_ref");
  c.add_option("--rounding", o.rounding, "by name (DR, F, ...), whatever the law says");
  c.add_option("--target", o.targets, "AVX2,SSE4 or all; default: the best this CPU has")
      ->delimiter(',');
  c.add_option("--threads", o.threads, "1,2: each of them; default: 1")
      ->delimiter(',')
      ->check(CLI::Range(1u, 1024u));
  c.add_flag("--forms", o.forms, "every form of these types: element types and roundings");
  c.add_option("--seconds", o.seconds, "of measuring, for each target and number of threads")
      ->check(CLI::Range(0.0, 60.0));
  c.add_option("--vs", o.vs, "xnnpack: its operator beside octet's, with each number of threads");
  json_flag(c, o.json);
  c.add_option("--csv", o.csv, "write a table; - for standard output, in place of the text");
  return &c;
}
CLI::App* explain_flags(CLI::App& app, explain_options& o) {
  CLI::App& c =
      *app.add_subcommand("explain",
                          "what each operator of a model costs on this CPU: kernel, MACs, bytes, "
                          "rate, and the reason where it is slow");
  model_flags(c, o);
  json_flag(c, o.json);
  return &c;
}
CLI::App* info_flags(CLI::App& app, info_options& o) {
  CLI::App& c = *app.add_subcommand("info", "version, targets, threads");
  c.add_flag("--kernels", o.kernels, "operator x element type x target -> kernel");
  c.add_option("--target", o.target, "check this one")->envname("OCTET_TARGET");
  json_flag(c, o.json);
  return &c;
}
CLI::App* codegen_flags(CLI::App& app, codegen_options& o) {
  CLI::App& c = *app.add_subcommand(
      "codegen",
      "write a model as a C++ header (a typed graph) and a source file with its weights");
  file_flags(c, o);
  c.add_option("-o,--output", o.output, "NAME.hpp; the weights go to NAME.weights.cpp beside it")
      ->required();
  c.add_option("--namespace", o.name, "C++ namespace; default: the header's name");
  return &c;
}
CLI::App* convert_flags(CLI::App& app, convert_options& o) {
  CLI::App& c = *app.add_subcommand("convert", "write a model in octet's own format");
  file_flags(c, o);
  c.add_option("-o,--output", o.output, "NAME.octet")->required();
  return &c;
}
CLI::App* diff_flags(CLI::App& app, diff_options& o) {
  CLI::App& c = *app.add_subcommand(
      "diff", "name the first tensor that differs from a framework's recording");
  model_flags(c, o);
  c.add_option("--reference", o.reference, "folder that examples/record/record.py wrote")
      ->required();
  return &c;
}

/// A closed stdout or stderr would be the next file that is opened: text in the midst of a model.
/// What is written to these now fails instead.
void keep_standard_streams() {
  for (int fd = 0; fd <= 2; ++fd)
    if (::fcntl(fd, F_GETFD) < 0) ::open("/dev/null", O_RDONLY);
}
/// What printf could not write (a full disk, a closed descriptor) is an error as any other.
int finish(int code) {
  std::cout.flush();
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout) return code;
  return fail(bad_input, std::string("standard output: cannot write: ") + std::strerror(errno));
}

bool is_command(const CLI::App& app, const std::string& name) {
  for (const CLI::App* command : app.get_subcommands({}))
    if (command->get_name() == name) return true;
  return false;
}
std::string commands_of(const CLI::App& app) {
  std::string all;
  for (const CLI::App* command : app.get_subcommands({}))
    all += (all.empty() ? "" : ", ") + command->get_name();
  return all;
}
/// What stands where a command should; empty: one, or an option that does without.
std::string no_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2) return "no command";
  const std::string first = argv[1];
  if (first == "--help" || first == "-h" || first == "--version" || is_command(app, first))
    return {};
  return first.starts_with('-') ? "no option \"" + first + "\" without a command"
                                : "no command \"" + first + "\"";
}
/// What the parser found wrong, in one line. A value that an environment variable gives is not the
/// option's that it stands for.
int usage_error(const CLI::ParseError& x, int argc, char** argv) {
  std::string what = x.what();
  for (const auto& [name, variable] :
       {std::pair{"--threads", "OCTET_NUM_THREADS"}, std::pair{"--target", "OCTET_TARGET"}}) {
    const std::string_view option = name;
    const std::size_t at = what.find(option);
    if (at == std::string::npos || std::any_of(argv + 1, argv + argc, [&](std::string_view a) {
          return a.starts_with(option);
        }))
      continue;
    what.replace(at, option.size(), variable);
  }
  const std::string command = argc > 1 && argv[1][0] != '-' ? argv[1] + std::string(" ") : "";
  return fail(bad_usage, what + "; `octet " + command + "--help` lists what there is");
}

}  // namespace

/// Memory that runs out where nothing may be thrown (nlohmann-json's destructor allocates) is the
/// error that it is everywhere else.
[[noreturn]] void end_without_memory() {
  try {
    if (const auto e = std::current_exception()) std::rethrow_exception(e);
  } catch (const std::bad_alloc&) {
    std::_Exit(fail(bad_input, "out of memory"));
  } catch (...) {
  }
  std::abort();
}

int main(int argc, char** argv) {
  keep_standard_streams();
  std::set_terminate(end_without_memory);
  CLI::App app("octet " OCTET_VERSION_STRING
               ": quantized neural networks, bit for bit as the framework computes them");
  app.set_version_flag("--version", OCTET_VERSION_STRING);
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 done, 1 a result differs from its reference, 2 bad usage, 3 bad or "
      "unsupported model or input, or a file that cannot be read or written.");

  run_options r;
  show_options s;
  bench_options b;
  bench_op_options bo;
  explain_options e;
  info_options i;
  codegen_options g;
  convert_options c;
  diff_options d;
  const CLI::App* run_command = run_flags(app, r);
  const CLI::App* show_command = show_flags(app, s);
  const CLI::App* bench_command = bench_flags(app, b);
  const CLI::App* bench_op_command = bench_op_flags(app, bo);
  const CLI::App* explain_command = explain_flags(app, e);
  info_flags(app, i);
  const CLI::App* codegen_command = codegen_flags(app, g);
  const CLI::App* convert_command = convert_flags(app, c);
  const CLI::App* diff_command = diff_flags(app, d);

  // What is no command would be reported as one that is missing.
  if (const std::string wrong = no_command(app, argc, argv); !wrong.empty())
    return fail(bad_usage, wrong + "; there are " + commands_of(app));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& x) {
    if (x.get_exit_code() != 0) return usage_error(x, argc, argv);
    app.exit(x);  // prints what --help and --version ask for
    return finish(done);
  }
  try {
    return finish(*run_command        ? run(r)
                  : *show_command     ? show(s)
                  : *bench_command    ? bench(b)
                  : *bench_op_command ? bench_op(bo)
                  : *explain_command  ? explain(e)
                  : *codegen_command  ? codegen(g)
                  : *convert_command  ? convert(c)
                  : *diff_command     ? diff(d)
                                      : info(i));
  } catch (const std::bad_alloc&) {
    return fail(bad_input, "out of memory");
  } catch (const std::exception& x) {
    return fail(bad_input, x.what());
  }
}
