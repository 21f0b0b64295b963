// octet: the command line. Options here, work in cmd_*.cpp.
#include <fcntl.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>

#include "commands.hpp"

using namespace octet::tools;

namespace {

// The library reads no environment variable; the command line reads OCTET_TARGET and
// OCTET_NUM_THREADS.
void model_flags(CLI::App& c, model_options& o) {
  c.add_option("MODEL", o.model, "model file")->required();
  c.add_option("--target", o.target,
               "instruction set, as `octet info` lists them; default: $OCTET_TARGET, else the best "
               "this CPU has")
      ->envname("OCTET_TARGET");
  c.add_option("--threads", o.threads, "default: $OCTET_NUM_THREADS, else one per physical core")
      ->envname("OCTET_NUM_THREADS")
      ->check(CLI::Range(1u, 1024u));
  c.add_option("--numerics", o.numerics,
               "law: whose arithmetic to follow; default: that of the file's format. "
               "onnxruntime_as_written: no operators of an ONNX file are fused");
  c.add_option("--shape", o.shapes,
               "NAME=1,3,224,224: shape of an input, where the file leaves it open")
      ->expected(1)
      ->take_all();
  c.add_option("--limit", o.limits,
               "NAME=NUMBER: how much a model may take: file_bytes, tensor_bytes, constant_bytes, "
               "arena_bytes, scratch_bytes, plan_bytes, tensors, nodes, depth, work")
      ->expected(1)
      ->take_all();
  c.add_option("--params", o.params, "file of parameters, for formats that keep them apart");
  c.add_option("--signature", o.signature,
               "which of the file's signatures to run (.tflite); default: its first subgraph");
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

}  // namespace

int main(int argc, char** argv) {
  keep_standard_streams();
  CLI::App app("octet " OCTET_VERSION_STRING
               ": quantized neural networks, bit for bit as the framework computes them");
  app.set_version_flag("--version", OCTET_VERSION_STRING);
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 done, 1 a result differs from its reference, 2 bad usage, 3 bad or "
      "unsupported model or input, or a file that cannot be read or written.");

  run_options r;
  CLI::App* run_command =
      app.add_subcommand("run", "run a model; compare with a framework's outputs");
  model_flags(*run_command, r);
  run_command
      ->add_option("--input", r.inputs,
                   "[NAME=]FILE, .npy, .csv or .bin, in the model's order, element type and "
                   "layout; several along the first axis are one run after another")
      ->expected(1)
      ->take_all();
  run_command
      ->add_option("--image", r.images,
                   "[NAME=]photo (BMP, PNG, JPEG), stretched to the input's size; each more is "
                   "another run")
      ->expected(1)
      ->take_all();
  run_command->add_option("FILES", r.files, "the same by their endings: octet run MODEL *.jpg");
  run_command->add_flag("--raw", r.raw,
                        "--input files of any name are the bytes of the elements, as .bin");
  run_command->add_option("--mean", r.mean, "one or one per channel: (pixel / 255 - mean) / std")
      ->expected(1, 3);
  run_command->add_option("--std", r.std, "one or one per channel")->expected(1, 3);
  run_command
      ->add_option("--output", r.outputs, "[NAME=]FILE to write: .npy, .csv or .bin, raw values")
      ->expected(1)
      ->take_all();
  run_command
      ->add_option("--reference", r.references,
                   "[NAME=]FILE to compare with, bit for bit; exit code 1 where one differs")
      ->expected(1)
      ->take_all();
  run_command->add_option("--labels", r.labels,
                          "text file, one label a line, for the first output");
  run_command
      ->add_option("--top", r.top,
                   "best scores of the first output to print; default 5 with --labels")
      ->check(CLI::Range(1u, 1000u));
  run_command->add_option("--dump", r.dump, "folder for every tensor as .npy, with index.json");
  const auto json_flag = [](CLI::App& c, std::string& to) {
    c.add_option("--json", to, "write what is found; - for standard output, in place of the text");
  };
  json_flag(*run_command, r.json);

  show_options s;
  CLI::App* show_command = app.add_subcommand(
      "show", "print a model's graph: shapes, element types, scales, zero points, roundings");
  model_flags(*show_command, s);
  show_command->add_flag("--plan", s.plan, "after the passes, with kernels and memory");
  show_command->add_flag("--profile", s.profile, "--plan, with the time of every operator");
  show_command->add_option("--html", s.html,
                           "write one page: the graph, the times, the arena; implies --profile");
  show_command->add_option("--svg", s.svg, "write a picture of the graph");
  show_command->add_option("--dot", s.dot, "write a Graphviz file");
  json_flag(*show_command, s.json);

  bench_options b;
  CLI::App* bench_command = app.add_subcommand("bench", "time a model");
  model_flags(*bench_command, b);
  bench_command->add_option("--number", b.number, "runs averaged in one measurement (1)")
      ->check(CLI::Range(1u, 1000000u));
  bench_command->add_option("--repeat", b.repeat, "measurements (100, or what fits into 10 s)")
      ->check(CLI::Range(1u, 1000000u));
  bench_command->add_option("--warm-up", b.warm_up, "runs before (3 to 20, 0.2 s)")
      ->check(CLI::Range(1u, 1000000u));
  bench_command->add_flag("--per-op", b.per_op, "a table by operator");
  bench_command->add_option("--compare", b.compare,
                            "another model, measured in turns with this one: ratio of medians");
  json_flag(*bench_command, b.json);

  bench_op_options bo;
  CLI::App* bench_op_command = app.add_subcommand(
      "bench-op",
      "time one operator on this CPU: inputs, weights and scales are made up, the output is "
      "compared with the reference first");
  bench_op_command
      ->add_option("OPERATOR", bo.op,
                   "as `octet show` prints it, with or without qnn. (conv2d, softmax, ...), or all")
      ->required();
  bench_op_command->add_option("--x", bo.x, "1,56,56,64: shape of the first input");
  bench_op_command->add_option("--w", bo.w, "shape of the second: weights, the other operand");
  bench_op_command
      ->add_option("--shape", bo.shapes,
                   "of the inputs in order, behind --x and --w; what is not "
                   "given is made to fit")
      ->expected(1)
      ->take_all();
  bench_op_command
      ->add_option("--type", bo.types,
                   "element types of the inputs: s8, or s16,s8 where the usual "
                   "others are not meant; default: the law's usual")
      ->delimiter(',');
  bench_op_command->add_option("--out-type", bo.out_types, "of the outputs; default: the usual")
      ->delimiter(',');
  bench_op_command
      ->add_option("--attr", bo.attributes,
                   "NAME=VALUE as `octet show` prints it: stride_h=2, perm=0,3,1,2, alpha=0.5")
      ->expected(1)
      ->take_all();
  bench_op_command
      ->add_option("--law,--numerics", bo.numerics, "decides the rounding; default: tflite_ref")
      ->default_str("tflite_ref");
  bench_op_command->add_option("--rounding", bo.rounding,
                               "by name (DR, F, ...), whatever the law says");
  bench_op_command
      ->add_option("--target", bo.targets, "AVX2,SSE4 or all; default: the best this CPU has")
      ->delimiter(',');
  bench_op_command->add_option("--threads", bo.threads, "1,2: each of them; default: 1")
      ->delimiter(',')
      ->check(CLI::Range(1u, 1024u));
  bench_op_command->add_flag("--forms", bo.forms,
                             "every form of these types: element types and roundings");
  bench_op_command
      ->add_option("--seconds", bo.seconds, "of measuring, for each target and number of threads")
      ->check(CLI::Range(0.0, 60.0));
  bench_op_command->add_option("--vs", bo.vs,
                               "xnnpack: its operator beside octet's, with each number of threads");
  json_flag(*bench_op_command, bo.json);
  bench_op_command->add_option("--csv", bo.csv,
                               "write a table; - for standard output, in place of the text");

  explain_options e;
  CLI::App* explain_command =
      app.add_subcommand("explain",
                         "what each operator of a model costs on this CPU: kernel, MACs, bytes, "
                         "rate, and the reason where it is slow");
  model_flags(*explain_command, e);
  json_flag(*explain_command, e.json);

  info_options i;
  CLI::App* info_command = app.add_subcommand("info", "version, targets, threads");
  info_command->add_flag("--kernels", i.kernels, "operator x element type x target -> kernel");
  info_command->add_option("--target", i.target, "check this one")->envname("OCTET_TARGET");
  json_flag(*info_command, i.json);

  codegen_options g;
  CLI::App* codegen_command = app.add_subcommand(
      "codegen",
      "write a model as a C++ header (a typed graph) and a source file with its weights");
  model_flags(*codegen_command, g);
  codegen_command
      ->add_option("-o,--output", g.output,
                   "NAME.hpp; the weights go to NAME.weights.cpp beside it")
      ->required();
  codegen_command->add_option("--namespace", g.name, "C++ namespace; default: the header's name");

  convert_options c;
  CLI::App* convert_command = app.add_subcommand("convert", "write a model in octet's own format");
  model_flags(*convert_command, c);
  convert_command->add_option("-o,--output", c.output, "NAME.octet")->required();

  diff_options d;
  CLI::App* diff_command =
      app.add_subcommand("diff", "name the first tensor that differs from a framework's recording");
  model_flags(*diff_command, d);
  diff_command
      ->add_option("--reference", d.reference, "folder that examples/record/record.py wrote")
      ->required();

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& x) {
    return finish(app.exit(x) == 0 ? done : bad_usage);
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
