// The commands of the command line, behind plain option structs. Each returns the exit code:
// 0 done, 1 a result differs, 2 bad usage, 3 bad or unsupported model or input, or a file that
// cannot be read or written. Data goes to stdout, everything else to stderr.
#ifndef OCTET_TOOLS_COMMANDS_HPP_
#define OCTET_TOOLS_COMMANDS_HPP_

#include <string>
#include <vector>

#include "load.hpp"
#include "octet/runtime/plan.hpp"

namespace octet::tools {

enum exit_code : int { done = 0, differs = 1, bad_usage = 2, bad_input = 3 };

/// What every command that takes a model understands.
struct model_options {
  std::vector<std::string>
      samples;  // [NAME=]FILE.npy of inputs: their shapes, for formats that record none
  std::string model, numerics, params, signature, target;
  std::vector<std::string> shapes;  // NAME=1,3,224,224
  std::vector<std::string> limits;  // NAME=VALUE
  unsigned threads = 0;             // 0: physical cores
};
struct run_options : model_options {
  std::vector<std::string> inputs, images, outputs, references;
  std::vector<std::string> files;  // arrays or images, by their endings
  bool raw = false;                // inputs are the bytes of their elements
  std::vector<float> mean, std;
  std::string labels, dump, json;  // json, here and below: a file, or "-" for stdout
  unsigned top = 0;                // 0: 5 with labels, else none
};
struct show_options : model_options {
  bool plan = false, profile = false;  // profile and html imply plan, html implies profile
  std::string dot, svg, html, json;
};
struct bench_options : model_options {
  unsigned number = 1, repeat = 0;  // repeat 0: 100, or what fits into 10 s
  unsigned warm_up = 0;             // 0: 3 to 20 runs, as many as fit into 0.2 s
  bool per_op = false;
  std::string compare, json;  // compare: another model
};
struct bench_op_options {
  std::string op;                                     // "all": every operator of the list
  std::vector<std::string> shapes, types, out_types;  // of inputs and outputs, in order
  std::string x, w;                                   // the first two shapes
  std::vector<std::string> attributes;                // NAME=VALUE
  std::string numerics, rounding;
  std::vector<std::string> targets;  // "all": every one this CPU can run
  std::vector<unsigned> threads;
  bool forms = false;    // each form that has the types and the rounding
  double seconds = 0.2;  // for each target and number of threads
  std::string vs;        // another library beside octet
  std::string json, csv;
};
struct explain_options : model_options {
  std::string json;
};
struct info_options {
  bool kernels = false;
  std::string target, json;
};

struct diff_options : model_options {
  std::string reference;  // folder of a recording
};
struct codegen_options : model_options {
  std::string output, name;
};
struct convert_options : model_options {
  std::string output;
};

int run(const run_options& o);
int show(const show_options& o);
int bench(const bench_options& o);
int bench_op(const bench_op_options& o);
int explain(const explain_options& o);
int info(const info_options& o);
int codegen(const codegen_options& o);
int convert(const convert_options& o);
int diff(const diff_options& o);

// ---- shared by commands ----

/// "octet: message" on stderr; returns `code`.
int fail(exit_code code, const std::string& message);
inline int fail(const error_info& e) { return fail(bad_input, e.message()); }

/// Target by name, any case; "" is automatic. Empty where there is no such target.
std::optional<target> target_of(const std::string& name);
/// Threads to use: the option, else one per physical core this process may run on.
unsigned threads_of(unsigned option);
unsigned physical_cores();
/// "NAME=1,3,224,224"; empty where it does not read so.
std::optional<std::pair<std::string, dims>> shape_of(const std::string& text);

/// "1,3,224,224"; empty where it does not read so.
std::optional<dims> dims_of(const std::string& text);
/// The law of that name; empty (message given) where there is none. `of_a_file`: as_written_name
/// would do as well.
std::optional<law> law_of(const std::string& name, bool of_a_file);

/// "arena_bytes=1000000" sets that limit; false where it does not read so.
bool set_limit(const std::string& text, octet::limits& to);

/// The loader's part of the common options; empty (message given, exit code bad_usage) where they
/// do not read.
std::optional<load_options> load_options_of(const model_options& o);
/// load_model, with the shapes of the samples where the format records none.
result<graph> load_model_for(const model_options& o, const load_options& load);

/// A model loaded and planned by the common options, or the exit code with the message already
/// given.
struct loaded {
  plan program;
  format_info format;
  unsigned threads = 1;
  int code = done;
  double load_ms = 0, plan_ms = 0;  // from the file to a graph, from there to what runs
};
loaded load_and_plan(const model_options& o, plan_options p = {});

}  // namespace octet::tools

#endif  // OCTET_TOOLS_COMMANDS_HPP_
