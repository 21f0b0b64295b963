// Definitions of the TFLite loader. Included by tflite.hpp unless the build links octet::compiled.
#ifndef OCTET_IMPORT_TFLITE_LOADER_HPP_
#define OCTET_IMPORT_TFLITE_LOADER_HPP_

#include <algorithm>
#include <map>
#include <set>

#include "octet/import/common/builder.hpp"
#include "octet/import/common/file.hpp"
#include "octet/import/tflite.hpp"
#include "octet/import/tflite/context.hpp"
#include "octet/import/tflite/custom.hpp"
#include "octet/import/tflite/refused.hpp"
#include "octet/import/tflite/rows.hpp"
#include "octet/import/tflite/tensors.hpp"
#include "octet/numerics/fp_env.hpp"
#include "octet/ops/reshape.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

namespace detail {

/// Subgraphs that an operator runs (control flow, composites) become nodes in its place: there is
/// one list of nodes, and what runs how often is known when the file is loaded. Variables become
/// states of the session.
class tflite_loader {
 public:
  tflite_loader(file_bytes f, const tflite_options& o, first_constants& kept)
      : file_(std::move(f)),
        options_(o),
        build_(file_.name, o.arithmetic, o.max, file_.bytes.size()),
        verifier_(reinterpret_cast<const std::uint8_t*>(file_.bytes.data()), file_.bytes.size(),
                  deepest_table, most_tables) {
    build_.kept = &kept;
  }

  result<graph> run() {
    const numerics::exact_environment environment;
    if (auto s = load(); !s)
      return error_place{.file = file_.name, .node = where_}.attach(s.error());
    auto g = build_.finish();
    if (!g) return error_place{.file = file_.name}.attach(g.error());
    return g;
  }

 private:
  static constexpr flatbuffers::uoffset_t deepest_table = 64, most_tables = 1 << 22;
  /// Tensors and operators of subgraphs put in place of operators, all together; subgraphs within
  /// subgraphs.
  static constexpr std::size_t most_inlined = std::size_t{1} << 21, deepest_subgraph = 16;
  using model_table = tflite_schema::model_table;
  using subgraph_table = tflite_schema::subgraph_table;
  using operator_table = tflite_schema::operator_table;
  using integer_vector = tflite_schema::integer_vector;
  using index_type = flatbuffers::uoffset_t;

  /// What a tensor of a subgraph stands for: a tensor of the graph or a handle of a variable.
  struct value {
    tensor_id tensor = no_tensor;
    std::int32_t variable = -1;
  };
  /// A subgraph while its operators become nodes.
  struct frame {
    const subgraph_table* sub = nullptr;
    std::uint32_t index = 0;
    std::string within{};         // " in WHILE #3": behind the names of its operators
    std::vector<value> values{};  // one for each of its tensors
    std::size_t depth = 0;
  };
  struct variable {
    std::string name;
    tensor_id state = no_tensor;  // none before its first value
    bool used = false;            // outside of a CALL_ONCE
  };

  status load() {
    if (auto s = open(); !s) return s;
    std::uint32_t entry = 0;
    if (auto s = choose(entry); !s) return s;
    if (auto s = missing(entry); !s) return s;
    fixed_.resize(model_->subgraphs()->size());
    frame f;
    if (auto s = begin(entry, f); !s) return s;
    graph& g = build_.g;
    if (auto s = ends(f, f.sub->inputs(), g.inputs, "input"); !s) return s;
    if (auto s = given_shapes(); !s) return s;
    for (const tensor_id t : g.inputs)
      if (auto s = build_.verify_input(g[t]); !s) return s;
    if (auto s = convert_all(f); !s) return s;
    where_.clear();
    if (auto s = ends(f, f.sub->outputs(), g.outputs, "output"); !s) return s;
    for (const auto* list : {&g.inputs, &g.outputs})
      for (const tensor_id t : *list)
        if (is_complex(t))
          return error_place{.tensor = g[t].name}.attach(
              unsupported("element type of an input or output", "complex64",
                          "its real and imaginary part (REAL, IMAG) or magnitude (COMPLEX_ABS)"));
    return unit{};
  }
  status open() {
    if (file_.bytes.size() < 8 || file_.bytes.size() > FLATBUFFERS_MAX_BUFFER_SIZE)
      return malformed("file size", std::to_string(file_.bytes.size()) + " bytes",
                       "8 bytes to 2 GB");
    const auto* start = reinterpret_cast<const std::uint8_t*>(file_.bytes.data());
    if (std::memcmp(start + 4, "TFL3", 4) != 0)
      return malformed("not a TensorFlow Lite file: the identifier TFL3 is missing",
                       std::string(kind_of_file(file_.bytes)));
    if (!verifier_.VerifyBuffer<model_table>("TFL3"))
      return malformed("the FlatBuffers structure is damaged");
    model_ = flatbuffers::GetRoot<model_table>(start);
    if (model_->version() != 3)
      return unsupported("schema version", std::to_string(model_->version()), "3");
    if (!model_->subgraphs() || model_->subgraphs()->size() == 0) return malformed("no subgraph");
    return unit{};
  }
  /// The subgraph of the signature that the caller asks for; the first one where it asks for none.
  status choose(std::uint32_t& entry) const {
    if (options_.signature.empty()) return unit{};
    std::string names;
    const auto* list = model_->signatures();
    for (index_type i = 0; list && i < list->size(); ++i) {
      const auto& s = *list->Get(i);
      const std::string key = s.key() ? s.key()->str() : std::string();
      names += (names.empty() ? "" : ", ") + key;
      if (key != options_.signature) continue;
      if (s.subgraph() >= model_->subgraphs()->size())
        return malformed("subgraph of a signature", std::to_string(s.subgraph()));
      entry = s.subgraph();
      return unit{};
    }
    return invalid("signature", options_.signature,
                   names.empty() ? "none: the file has no signatures" : names);
  }
  status given_shapes() {
    graph& g = build_.g;
    for (const auto& [name, shape] : options_.shapes) {
      bool known = false;
      for (tensor_id t : g.inputs) {
        if (g[t].name != name) continue;
        known = true;
        if (g[t].role != tensor::kind::value && shape == g[t].shape) continue;
        if (g[t].role != tensor::kind::value)
          return invalid("shape given for an input that is a " + std::string(name_of(g[t].role)),
                         name);
        const std::uint32_t open = options_.only_open_extents ? open_axes_[as_size(t)] : ~0u;
        for (int i = 0; i < std::max(shape.rank, g[t].shape.rank); ++i)
          if ((shape.rank != g[t].shape.rank || shape[i] != g[t].shape[i]) && (open >> i & 1) == 0)
            return invalid("shape of an input that the file fixes", to_string(shape),
                           to_string(g[t].shape));
        g[t].shape = shape;
      }
      if (!known) return invalid("shape given for an input that does not exist", name);
    }
    return unit{};
  }

  // ---- operators by code ----

  static bool is_custom(const tflite_schema::operator_code_table& c) {
    return c.code() == tflite_schema::builtin_code("CUSTOM");
  }
  const tflite_schema::operator_code_table* code_of(const operator_table& o) const {
    return model_->codes() && o.code_index() < model_->codes()->size()
               ? model_->codes()->Get(o.code_index())
               : nullptr;
  }
  static std::string name_of_code(const tflite_schema::operator_code_table& c) {
    if (is_custom(c)) return "CUSTOM " + (c.custom() ? c.custom()->str() : std::string());
    const std::string_view known = tflite_schema::builtin_name(c.code());
    return known.empty() ? "operator code " + std::to_string(c.code()) : std::string(known);
  }
  /// The caller's operator for a custom one; null where there is none.
  const op_def* custom(const tflite_schema::operator_code_table& c) const {
    if (is_custom(c) && c.custom())
      for (const op_def* o : options_.operators)
        if (o->name == c.custom()->str()) return o;
    return nullptr;
  }
  /// octet's row for a custom operator; null where there is none.
  static const tflite_custom_row* custom_row(const tflite_schema::operator_code_table& c) {
    return is_custom(c) && c.custom() ? find_tflite_custom_row(c.custom()->str()) : nullptr;
  }

  using control = status (tflite_loader::*)(frame&, const operator_table&);
  /// Operators that are not nodes: the loader carries them out.
  struct control_row {
    std::int32_t code;
    control run;
  };
  static std::span<const control_row> control_rows() {
    using tflite_schema::builtin_code;
    static constexpr control_row rows[] = {
        {builtin_code("CALL_ONCE"), &tflite_loader::call_once},
        {builtin_code("IF"), &tflite_loader::run_if},
        {builtin_code("WHILE"), &tflite_loader::run_while},
        {builtin_code("STABLEHLO_COMPOSITE"), &tflite_loader::run_composite},
        {builtin_code("VAR_HANDLE"), &tflite_loader::var_handle},
        {builtin_code("READ_VARIABLE"), &tflite_loader::read_variable},
        {builtin_code("ASSIGN_VARIABLE"), &tflite_loader::assign_variable},
    };
    static_assert(std::size(rows) + 1 == std::size(tflite_control_operators), "and CUSTOM");
    return rows;
  }
  static const control_row* find_control(std::int32_t code) {
    for (const control_row& r : control_rows())
      if (r.code == code) return &r;
    return nullptr;
  }
  /// Subgraphs that an operator runs.
  std::vector<std::int64_t> subgraphs_of(const operator_table& o, std::int32_t code) {
    using tflite_schema::builtin_code;
    tflite_schema::options_reader first(o.options(), verifier_);
    if (code == builtin_code("CALL_ONCE"))
      return {first.read<tflite_schema::call_once_options>().init};
    if (code == builtin_code("IF")) {
      const auto i = first.read<tflite_schema::if_options>();
      return {i.then_branch, i.else_branch};
    }
    if (code == builtin_code("WHILE")) {
      const auto w = first.read<tflite_schema::while_options>();
      return {w.condition, w.body};
    }
    if (code == builtin_code("STABLEHLO_COMPOSITE"))
      return {tflite_schema::options_reader(o.options_2(), verifier_)
                  .read<tflite_schema::composite_options>()
                  .decomposition};
    return {};
  }
  /// Before anything else is looked at, in all subgraphs that run.
  status missing(std::uint32_t entry) {
    missing_operators list;
    std::set<std::int64_t> seen{entry};
    std::vector<std::int64_t> todo{entry};
    while (!todo.empty()) {
      const std::int64_t index = todo.back();
      todo.pop_back();
      const auto& sub = *model_->subgraphs()->Get(static_cast<index_type>(index));
      if (auto s = within_limit(&limits::nodes, options_.max, "operators of the file",
                                sub.operators() ? sub.operators()->size() : 0);
          !s)
        return s;
      // Many subgraphs may share one list of operators.
      if (auto s = build_.work.spend(
              saturating_mul(sub.operators() ? sub.operators()->size() : 0, std::size_t{16}));
          !s)
        return s;
      for (index_type i = 0; sub.operators() && i < sub.operators()->size(); ++i) {
        const auto& o = *sub.operators()->Get(i);
        const auto* code = code_of(o);
        if (!code) return malformed("operator #" + std::to_string(i) + " has no operator code");
        if (code->custom())  // many operators may share one long name
          if (auto s = build_.work.spend(code->custom()->size()); !s) return s;
        const bool known = find_tflite_row(code->code()) || find_control(code->code()) ||
                           custom(*code) || custom_row(*code);
        if (!known) {
          const std::string_view why =
              is_custom(*code) ? why_refused_custom(code->custom() ? code->custom()->str() : "")
                               : why_refused(code->code());
          list.add(name_of_code(*code),
                   "first at #" + std::to_string(i) +
                       (seen.size() > 1 ? " of subgraph " + std::to_string(index) : "") +
                       (why.empty() ? "" : ": " + std::string(why)));
        }
        for (const std::int64_t s : subgraphs_of(o, code->code()))
          if (s >= 0 && s < static_cast<std::int64_t>(model_->subgraphs()->size()) &&
              seen.insert(s).second)
            todo.push_back(s);
      }
    }
    return list.check();
  }

  // ---- tensors ----

  /// Makes the tensors of a subgraph that runs at this place. Constants and state are those of its
  /// other runs.
  status begin(std::uint32_t index, frame& f) {
    f.index = index;
    f.sub = model_->subgraphs()->Get(index);
    const index_type count = f.sub->tensors() ? f.sub->tensors()->size() : 0;
    inlined_ += count + 1u + (f.sub->operators() ? f.sub->operators()->size() : 0);
    if (auto s = within_limit(&limits::tensors, options_.max, "tensors of the file",
                              build_.g.tensors.size() + count);
        !s)
      return s;
    if (auto s = build_.work.spend(saturating_mul(count, sizeof(value))); !s) return s;
    f.values.resize(count);
    auto& fixed = fixed_[index];
    if (fixed.empty()) fixed.assign(count, no_tensor);
    const tflite_tensors reader(file_, *model_, build_);
    std::vector<std::pair<tensor_id, const tflite_schema::blockwise_table*>> in_blocks;
    for (index_type i = 0; i < count; ++i) {
      const auto& from = *f.sub->tensors()->Get(i);
      if (fixed[i] != no_tensor) {
        f.values[i].tensor = fixed[i];
        continue;
      }
      if (from.type() == tflite_schema::tensor_type::resource) {
        // Nothing in the graph; but the tensors of the first subgraph keep their numbers.
        if (f.depth == 0) build_.temporary("handle", dtype::u8);
        continue;
      }
      auto t = reader.read(from, "tensor " + std::to_string(i));
      if (!t) return t.error();
      const bool keeps = t->role != tensor::kind::value;
      const tensor_id id = f.values[i].tensor = build_.g.add(std::move(*t));
      stored_.resize(as_size(id) + 1);
      stored_.back() = {.axis = from.quantization() ? from.quantization()->axis() : 0,
                        .packed_bits = tflite_schema::packed_bits(from.type()),
                        .constant = build_.g[id].role == tensor::kind::constant};
      open_axes_.resize(as_size(id) + 1);
      open_axes_.back() = from.open_axes();
      complex_.resize(as_size(id) + 1);
      complex_.back() = from.type() == tflite_schema::tensor_type::complex64;
      if (const auto* q = from.quantization(); q && q->blockwise())
        in_blocks.emplace_back(id, q->blockwise());
      if (keeps) fixed[i] = id;
    }
    for (const auto& [id, from] : in_blocks) {
      const auto found = [&](std::int32_t t) {
        const auto i = as_size(t);
        return t >= 0 && i < f.values.size() ? f.values[i].tensor : no_tensor;
      };
      blocks_[id] = {found(from->scales()), found(from->zero_points()), from->block_size()};
    }
    return unit{};
  }
  bool is_complex(tensor_id t) const {
    const auto i = as_size(t);
    return t != no_tensor && i < complex_.size() && complex_[i];
  }
  /// Only some operators take complex numbers, and one takes weights with scales for their blocks.
  status unusual_operands(std::int32_t code, const std::vector<tensor_id>& in,
                          const std::vector<tensor_id>& out) const {
    for (const auto* list : {&in, &out})
      for (const tensor_id t : *list)
        if (is_complex(t) && !tflite_rows::takes_complex(code))
          return unsupported("operand of element type", "complex64", tflite_rows::complex_takers());
    for (std::size_t i = 0; i < in.size(); ++i)
      if (blocks_.contains(in[i]) &&
          (i != 1 || code != tflite_schema::builtin_code("FULLY_CONNECTED")))
        return unsupported("blockwise quantization of input " + std::to_string(i), {},
                           "of the weights of FULLY_CONNECTED");
    return unit{};
  }
  status index_in(const frame& f, std::int32_t t, std::size_t& to) const {
    if (t < 0 || as_size(t) >= f.values.size()) return malformed("tensor index", std::to_string(t));
    to = as_size(t);
    return unit{};
  }
  /// Operands of an operator as tensors of the graph.
  status ids(const frame& f, const integer_vector* from, std::vector<tensor_id>& to) {
    if (!from) return unit{};
    if (auto s = build_.work.spend(saturating_mul(from->size(), sizeof(tensor_id))); !s) return s;
    for (const std::int32_t t : *from) {
      if (t == no_tensor) {
        to.push_back(t);
        continue;
      }
      std::size_t i;
      if (auto s = index_in(f, t, i); !s) return s;
      if (f.values[i].variable >= 0)
        return unsupported("a variable's handle as operand of this operator");
      to.push_back(f.values[i].tensor);
    }
    return unit{};
  }
  /// Operands of control flow: handles of variables pass as well.
  status operands(const frame& f, const integer_vector* from, std::vector<value>& to) {
    if (!from) return unit{};
    if (auto s = build_.work.spend(saturating_mul(from->size(), sizeof(value))); !s) return s;
    for (const std::int32_t t : *from) {
      std::size_t i;
      if (auto s = index_in(f, t, i); !s) return s;
      to.push_back(f.values[i]);
    }
    return unit{};
  }
  status ends(const frame& f, const integer_vector* from, std::vector<tensor_id>& to,
              const char* what) {
    if (auto s = ids(f, from, to); !s) return s;
    for (tensor_id t : to)
      if (t == no_tensor) return malformed(std::string("graph ") + what + " is absent");
    return unit{};
  }

  // ---- operators ----

  status convert_all(frame& f) {
    for (index_type i = 0; f.sub->operators() && i < f.sub->operators()->size(); ++i)
      if (auto s = convert(f, *f.sub->operators()->Get(i), i); !s) return s;
    return unit{};
  }
  status convert(frame& f, const operator_table& o, index_type index) {
    const auto& code = *code_of(o);
    where_ = name_of_code(code) + " #" + std::to_string(index) + f.within;
    if (const control_row* row = find_control(code.code())) {
      const std::string here = where_;
      auto s = (this->*row->run)(f, o);
      if (s) where_ = here;
      return s;
    }
    std::vector<tensor_id> in, out;
    if (auto s = ids(f, o.inputs(), in); !s) return s;
    if (auto s = ids(f, o.outputs(), out); !s) return s;
    if (out.empty()) return malformed("operator has no output");
    if (is_known(f, o)) return unit{};
    for (tensor_id t : out)
      if (t == no_tensor || build_.g[t].role == tensor::kind::constant)
        return malformed("operator writes a constant or nothing");
    build_.enter(where_);
    tflite_node n(build_, options_, std::move(in), std::move(out),
                  tflite_schema::options_reader(o.options(), verifier_));
    if (auto s = ids(f, o.intermediates(), n.intermediates); !s) return s;
    n.stored = &stored_;
    n.framework.weights_axis = n.of_file(n.in_id(1)).axis;
    n.framework.int4_weights = n.of_file(n.in_id(1)).packed_bits == 4;
    n.open_axes = &open_axes_;
    n.complex = &complex_;
    if (const auto b = blocks_.find(n.in_id(1)); b != blocks_.end()) n.blocks = &b->second;
    if (o.custom_options())
      n.custom_options = {o.custom_options()->data(), o.custom_options()->size()};
    const op_def* own = custom(code);
    const tflite_row* row = find_tflite_row(code.code());
    status s = unusual_operands(code.code(), n.ins(), n.outs());
    if (s) s = own ? convert_custom(n, *own) : row ? row->convert(n) : custom_row(code)->convert(n);
    if (build_.work.exhausted()) s = build_.work.error();  // whatever else was missed then
    if (!s) {
      auto e = s.error();
      e.node = where_;  // as the file names it, not the node that was made of it
      return error_place{.tensor = n.out().name}.attach(std::move(e));
    }
    if (n.options_are_damaged()) return malformed("operator options are damaged");
    if (code.code() == tflite_schema::builtin_code("DENSIFY") &&
        as_size(n.out_id()) < stored_.size())
      stored_[as_size(n.out_id())].constant = true;  // the default interpreter holds it dense
    remember(f, o);
    return unit{};
  }
  /// Results that became constants from the subgraph's own constants are the same in all its runs:
  /// the weights that a loop's body unpacks are unpacked once.
  void remember(const frame& f, const operator_table& o) {
    if (f.depth == 0 || !o.inputs() || !o.outputs()) return;
    auto& fixed = fixed_[f.index];
    for (const std::int32_t t : *o.inputs())
      if (t != no_tensor && fixed[as_size(t)] == no_tensor) return;
    for (const std::int32_t t : *o.outputs()) {
      if (t == no_tensor) continue;
      const tensor_id id = f.values[as_size(t)].tensor;
      if (build_.g[id].role == tensor::kind::constant) fixed[as_size(t)] = id;
    }
  }
  /// All its results are remembered.
  bool is_known(const frame& f, const operator_table& o) const {
    if (f.depth == 0) return false;
    const auto* tensors = f.sub->tensors();
    for (const std::int32_t t : *o.outputs()) {
      if (t == no_tensor) return false;
      const auto& from = *tensors->Get(static_cast<index_type>(t));
      const auto i = as_size(t);
      // A constant of the file is no result: writing it is an error.
      if (fixed_[f.index][i] == no_tensor || has_contents(from)) return false;
    }
    return true;
  }
  bool has_contents(const tflite_schema::tensor_table& t) const {
    const auto* list = model_->buffers();
    if (!list || t.buffer() >= list->size() || !list->Get(t.buffer())) return t.is_variable();
    const auto& b = *list->Get(t.buffer());
    return t.is_variable() || (b.data() && b.data()->size() > 0) || b.offset() > 1;
  }

  // ---- subgraphs ----

  /// The framework forgets what layers keep in a subgraph when the operator that runs it is done.
  status begin_states(const frame& f) {
    for (const value& v : f.values) {
      if (v.tensor == no_tensor || build_.g[v.tensor].role != tensor::kind::state) continue;
      const tensor t = build_.g[v.tensor];
      const std::size_t bytes = bytes_of(t.shape.elements(), t.type).value;
      if (auto s = build_.make_constant(bytes); !s) return s;
      const int zero = t.type == dtype::s8 && !t.zero_points.empty() ? t.zero_points[0] : 0;
      const std::vector<std::byte> nothing(bytes, static_cast<std::byte>(zero));
      tensor none = t;
      none.name = t.name + "/nothing";
      none.role = tensor::kind::constant;
      none.data = constant_data::copy(nothing);
      const tensor_id from = build_.g.add(std::move(none));
      if (auto s = build_.emit(ops::identity, {from}, {v.tensor}); !s) return s;
    }
    return unit{};
  }
  /// Runs a subgraph here: its operators become nodes, `from` its inputs; gives its outputs.
  /// `again`: for the same operator as before.
  status run_subgraph(const frame& caller, std::int64_t index, const std::vector<value>& from,
                      std::vector<value>& to, bool again = false) {
    if (index < 0 || index >= static_cast<std::int64_t>(model_->subgraphs()->size()))
      return malformed("subgraph index", std::to_string(index));
    if (caller.depth >= deepest_subgraph)
      return too_large("subgraphs within subgraphs", {}, std::to_string(deepest_subgraph));
    const std::string here = where_;
    frame f;
    f.depth = caller.depth + 1;
    f.within = " in " + here;
    if (auto s = begin(static_cast<std::uint32_t>(index), f); !s) return s;
    if (inlined_ > most_inlined || build_.g.nodes.size() > build_.max.nodes)
      return too_large(
          "what the subgraphs of a file run", {},
          "2^21 tensors and operators, " + std::to_string(build_.max.nodes) + " nodes");
    const auto* inputs = f.sub->inputs();
    if ((inputs ? inputs->size() : 0) != from.size())
      return malformed("inputs of a subgraph", std::to_string(from.size()),
                       std::to_string(inputs ? inputs->size() : 0));
    build_.enter(here);
    if (!again)
      if (auto s = begin_states(f); !s) return s;
    for (index_type i = 0; i < from.size(); ++i) {
      std::size_t at;
      if (auto s = index_in(f, inputs->Get(i), at); !s) return s;
      if (auto s = pass(from[i], f.values[at]); !s) return s;
    }
    if (auto s = convert_all(f); !s) return s;
    where_ = here;
    build_.enter(here);
    return operands(f, f.sub->outputs(), to);
  }
  /// `to` stands for `from` from here on. The bytes are those of `from`, their meaning is that of
  /// `to`.
  status pass(const value& from, value& to) {
    if (from.variable >= 0 || to.tensor == no_tensor) {
      if (from.variable < 0) return malformed("a value where a variable's handle is expected");
      to = from;
      return unit{};
    }
    if (from.tensor == no_tensor) return malformed("a subgraph's input or output is absent");
    graph& g = build_.g;
    const tensor &x = g[from.tensor], &y = g[to.tensor];
    if (y.role != tensor::kind::value)
      return malformed("a subgraph's input or output is a constant");
    if (x.type == y.type && x.scales == y.scales && x.zero_points == y.zero_points &&
        x.role != tensor::kind::state) {
      to = from;
      return unit{};
    }
    return build_.emit(ops::identity, {from.tensor}, {to.tensor});
  }
  /// The operator's outputs stand for these values. They keep their names in the file.
  status give(frame& f, const operator_table& o, const std::vector<value>& from) {
    const auto* outputs = o.outputs();
    if ((outputs ? outputs->size() : 0) != from.size())
      return malformed("outputs of a subgraph", std::to_string(from.size()),
                       std::to_string(outputs ? outputs->size() : 0));
    for (index_type i = 0; i < from.size(); ++i) {
      std::size_t at;
      if (auto s = index_in(f, outputs->Get(i), at); !s) return s;
      value& to = f.values[at];
      if (from[i].variable >= 0) {
        to = from[i];
        continue;
      }
      if (to.tensor == no_tensor || build_.g[to.tensor].role != tensor::kind::value)
        return malformed("operator writes a constant or nothing");
      if (auto s = build_.emit(ops::identity, {from[i].tensor}, {to.tensor}); !s) return s;
    }
    return unit{};
  }
  /// The bool that a condition is, where it is known; 0 or 1.
  status known_condition(const value& v, bool& known, bool& is) const {
    if (v.tensor == no_tensor) return malformed("a condition is absent");
    const tensor& t = build_.g[v.tensor];
    if (t.type != dtype::boolean || t.shape.elements().value != 1)
      return invalid("condition", std::string(name_of(t.type)) + to_string(t.shape), "one bool");
    known = t.role == tensor::kind::constant;
    is = known && t.data.bytes[0] != std::byte{0};
    return unit{};
  }

  status call_once(frame& f, const operator_table& o) {
    const auto index = tflite_schema::options_reader(o.options(), verifier_)
                           .read<tflite_schema::call_once_options>()
                           .init;
    if (!called_.insert(index).second) return unit{};
    ++initializing_;
    std::vector<value> none;
    auto s = run_subgraph(f, index, {}, none);
    --initializing_;
    return s;
  }
  /// What the next round of a loop begins with. The framework copies results of the body to its
  /// inputs one after another: one that is an input itself is what has been copied there before.
  status next_round(std::int64_t body, const std::vector<value>& results, std::vector<value>& now) {
    const auto& sub = *model_->subgraphs()->Get(static_cast<index_type>(body));
    if (auto s = build_.work.spend(saturating_mul(now.size(), 2 * sizeof(value))); !s) return s;
    std::map<std::int32_t, std::size_t> input_of;
    for (index_type i = 0; i < now.size(); ++i) input_of.try_emplace(sub.inputs()->Get(i), i);
    for (index_type i = 0; i < now.size(); ++i) {
      const auto same = input_of.find(sub.outputs()->Get(i));
      now[i] = same == input_of.end() ? results[i] : now[same->second];
    }
    return unit{};
  }
  /// Rounds whose condition is known when the file is loaded become nodes one after another.
  status run_while(frame& f, const operator_table& o) {
    const auto w =
        tflite_schema::options_reader(o.options(), verifier_).read<tflite_schema::while_options>();
    std::vector<value> now;
    if (auto s = operands(f, o.inputs(), now); !s) return s;
    for (bool again = false;; again = true) {
      std::vector<value> condition, next;
      if (auto s = run_subgraph(f, w.condition, now, condition, again); !s) return s;
      if (condition.size() != 1)
        return malformed("outputs of a loop's condition", std::to_string(condition.size()), "1");
      bool known, is;
      if (auto s = known_condition(condition[0], known, is); !s) return s;
      if (!known)
        return unsupported("a loop whose number of rounds depends on its input", {},
                           "one that is known when the file is loaded");
      if (!is) return give(f, o, now);
      if (auto s = run_subgraph(f, w.body, now, next, again); !s) return s;
      if (next.size() != now.size())
        return malformed("outputs of a loop's body", std::to_string(next.size()),
                         std::to_string(now.size()));
      if (auto s = next_round(w.body, next, now); !s) return s;
    }
  }
  /// One element that adds no axes to what is chosen by it.
  result<tensor_id> without_axes(tensor_id one) {
    if (build_.g[one].shape.rank == 0) return one;
    const tensor_id to =
        build_.temporary(build_.g[one].name + "/one", build_.g[one].type, {}, {}, -1);
    attributes a;
    a.set("shape", std::vector<std::int64_t>{});
    if (auto s = build_.emit(ops::reshape, {one}, {to}, std::move(a)); !s) return s.error();
    return to;
  }
  /// Where the condition is known only when it runs, both branches do, and their results are chosen
  /// from element by element.
  status run_if(frame& f, const operator_table& o) {
    const auto i =
        tflite_schema::options_reader(o.options(), verifier_).read<tflite_schema::if_options>();
    std::vector<value> in, result;
    if (auto s = operands(f, o.inputs(), in); !s) return s;
    if (in.empty()) return malformed("a condition is absent");
    const value condition = in[0];
    in.erase(in.begin());
    bool known, is;
    if (auto s = known_condition(condition, known, is); !s) return s;
    if (known) {
      if (auto s = run_subgraph(f, is ? i.then_branch : i.else_branch, in, result); !s) return s;
      return give(f, o, result);
    }
    std::vector<value> other;
    if (auto s = build_.work.spend(saturating_mul(written_.size(), std::size_t{256})); !s) return s;
    const std::map<std::int32_t, tensor_id> before = written_;
    ++branches_;
    if (auto s = run_subgraph(f, i.then_branch, in, result); !s) return s;
    const auto then = std::exchange(written_, before);
    if (auto s = run_subgraph(f, i.else_branch, in, other); !s) return s;
    const auto otherwise = std::exchange(written_, before);
    --branches_;
    const auto one = without_axes(condition.tensor);
    if (!one) return one.error();
    if (auto s = choose_variables(*one, then, otherwise); !s) return s;
    if (result.size() != other.size()) return malformed("branches of different outputs");
    return choose_values(f, o, *one, result, other);
  }
  status choose_values(frame& f, const operator_table& o, tensor_id condition,
                       const std::vector<value>& a, const std::vector<value>& b) {
    if (!o.outputs() || o.outputs()->size() != a.size())
      return malformed("outputs of a branch", std::to_string(a.size()));
    for (index_type k = 0; k < a.size(); ++k) {
      std::size_t at;
      if (auto s = index_in(f, o.outputs()->Get(k), at); !s) return s;
      const tensor_id to = f.values[at].tensor;
      if (a[k].tensor == no_tensor || b[k].tensor == no_tensor || to == no_tensor)
        return unsupported("a branch that gives a variable's handle");
      const graph& g = build_.g;
      const tensor &x = g[a[k].tensor], &y = g[b[k].tensor];
      if (!(x.shape == y.shape))
        return unsupported("branches whose results have different shapes",
                           to_string(x.shape) + " and " + to_string(y.shape));
      if (x.type != y.type || x.scales != y.scales || x.zero_points != y.zero_points ||
          g[to].scales != x.scales || g[to].zero_points != x.zero_points)
        return unsupported("branches whose results have different types or scales");
      if (auto s = build_.emit(ops::select, {condition, a[k].tensor, b[k].tensor}, {to}); !s)
        return s;
    }
    return unit{};
  }
  /// A tensor like a variable's, with the bytes of `from`.
  result<tensor_id> like_variable(const variable& v, tensor_id from) {
    const tensor t = build_.g[v.state];
    const tensor_id to =
        build_.temporary(t.name + "/value", t.type, t.scales, t.zero_points, t.axis);
    if (auto s = build_.emit(ops::identity, {from}, {to}); !s) return s.error();
    return to;
  }
  /// What a variable holds at this place: its state, or what a branch has written.
  tensor_id now(std::int32_t v) const {
    const auto found = written_.find(v);
    return found == written_.end() ? variables_[as_size(v)].state : found->second;
  }
  status write(std::int32_t v, tensor_id from) {
    if (branches_ == 0) return build_.emit(ops::identity, {from}, {variables_[as_size(v)].state});
    const auto copy = like_variable(variables_[as_size(v)], from);
    if (!copy) return copy.error();
    written_[v] = *copy;
    return unit{};
  }
  /// Variables that one of two branches has written, or both, get the value of the one taken.
  status choose_variables(tensor_id condition, std::map<std::int32_t, tensor_id> a,
                          std::map<std::int32_t, tensor_id> b) {
    std::set<std::int32_t> changed;
    for (const auto* list : {&a, &b})
      for (const auto& [v, written] : *list)
        if (written != now(v)) changed.insert(v);
    for (const std::int32_t v : changed) {
      tensor_id x[2] = {no_tensor, no_tensor};
      for (int k = 0; k < 2; ++k) {
        const auto& list = k == 0 ? a : b;
        const auto found = list.find(v);
        const auto copy =
            like_variable(variables_[as_size(v)], found == list.end() ? now(v) : found->second);
        if (!copy) return copy.error();
        x[k] = *copy;
      }
      const tensor t = build_.g[x[0]];
      const tensor_id chosen =
          build_.temporary(t.name + "/chosen", t.type, t.scales, t.zero_points, t.axis);
      if (auto s = build_.emit(ops::select, {condition, x[0], x[1]}, {chosen}); !s) return s;
      if (auto s = write(v, chosen); !s) return s;
    }
    return unit{};
  }
  /// A composite runs as its decomposition.
  status run_composite(frame& f, const operator_table& o) {
    const auto c = tflite_schema::options_reader(o.options_2(), verifier_)
                       .read<tflite_schema::composite_options>();
    std::vector<value> in, out;
    if (auto s = operands(f, o.inputs(), in); !s) return s;
    where_ += " (" + c.name + ")";
    if (auto s = run_subgraph(f, c.decomposition, in, out); !s) return s;
    return give(f, o, out);
  }

  // ---- variables ----

  status var_handle(frame& f, const operator_table& o) {
    const auto v = tflite_schema::options_reader(o.options(), verifier_)
                       .read<tflite_schema::var_handle_options>();
    if (!o.outputs() || o.outputs()->size() != 1) return malformed("a handle without output");
    std::size_t at;
    if (auto s = index_in(f, o.outputs()->Get(0), at); !s) return s;
    const auto [entry, is_new] = variable_of_.try_emplace(
        {v.container, v.shared_name}, static_cast<std::int32_t>(variables_.size()));
    if (is_new) variables_.push_back({v.shared_name});
    f.values[at] = {no_tensor, entry->second};
    return unit{};
  }
  status variable_at(const frame& f, const operator_table& o, std::int32_t& to) {
    std::vector<value> in;
    if (auto s = operands(f, o.inputs(), in); !s) return s;
    if (in.empty() || in[0].variable < 0) return malformed("a variable's handle is absent");
    to = in[0].variable;
    return unit{};
  }
  status read_variable(frame& f, const operator_table& o) {
    std::int32_t v;
    if (auto s = variable_at(f, o, v); !s) return s;
    std::vector<tensor_id> out;
    if (auto s = ids(f, o.outputs(), out); !s) return s;
    if (out.size() != 1 || out[0] == no_tensor || build_.g[out[0]].role != tensor::kind::value)
      return malformed("operator writes a constant or nothing");
    variable& from = variables_[as_size(v)];
    if (from.state == no_tensor)
      return invalid("variable that is read before anything is assigned to it", from.name);
    from.used |= initializing_ == 0;
    build_.enter(where_);
    return build_.emit(ops::identity, {now(v)}, {out[0]});
  }
  /// The first value gives the variable its type and shape; in a CALL_ONCE it is what a session
  /// begins with.
  status assign_variable(frame& f, const operator_table& o) {
    std::int32_t v;
    if (auto s = variable_at(f, o, v); !s) return s;
    std::vector<value> in;
    if (auto s = operands(f, o.inputs(), in); !s) return s;
    if (in.size() != 2 || in[1].tensor == no_tensor) return malformed("an assignment of nothing");
    graph& g = build_.g;
    variable& to = variables_[as_size(v)];
    const tensor x = g[in[1].tensor];
    if (to.state == no_tensor && initializing_ == 0 && branches_ != 0)
      return unsupported("a variable's first value in a branch that not every call takes", to.name);
    if (to.state == no_tensor) {
      tensor t;
      t.name = to.name;
      t.type = x.type, t.shape = x.shape;
      t.scales = x.scales, t.zero_points = x.zero_points, t.axis = x.axis;
      t.role = tensor::kind::state;
      to.state = g.add(std::move(t));
    }
    tensor& state = g[to.state];
    if (state.type != x.type || !(state.shape == x.shape))
      return unsupported("a variable that changes its type or shape",
                         std::string(name_of(x.type)) + to_string(x.shape),
                         std::string(name_of(state.type)) + to_string(state.shape));
    if (initializing_ != 0) {
      if (x.role != tensor::kind::constant)
        return unsupported("a variable's first value that is computed from the input", to.name);
      if (to.used) return unsupported("CALL_ONCE behind a use of the variable", to.name);
      state.data = x.data;
      return unit{};
    }
    to.used = true;
    build_.enter(where_);
    return write(v, in[1].tensor);
  }

  file_bytes file_;
  const tflite_options& options_;
  graph_builder build_;
  flatbuffers::Verifier verifier_;
  const model_table* model_ = nullptr;
  std::vector<tflite_stored> stored_;          // the file's tensors, by id
  std::vector<std::uint32_t> open_axes_;       // and which of their extents the file leaves open
  std::vector<bool> complex_;                  // and whether they are of complex numbers
  std::map<tensor_id, tflite_blocks> blocks_;  // weights with scales for their blocks
  std::vector<std::vector<tensor_id>> fixed_;  // per subgraph and tensor: the same in every run
  std::map<std::pair<std::string, std::string>, std::int32_t> variable_of_;  // by container, name
  std::vector<variable> variables_;
  std::set<std::int64_t> called_;  // subgraphs of CALL_ONCE
  std::size_t inlined_ = 0;
  int initializing_ = 0;  // within a CALL_ONCE
  int branches_ = 0;      // within branches by a condition that is known when it runs
  std::map<std::int32_t, tensor_id> written_;  // variables, by what such a branch has written
  std::string where_;
};

struct tflite_source {
  file_bytes file;
  tflite_options options;
  std::vector<const op_def*> operators{};  // those of the options, whose list is the caller's

  result<graph> graph_for(const named_shapes& shapes, first_constants& kept) {
    options.shapes = shapes;
    options.operators = operators;
    return tflite_loader(file, options, kept).run();
  }
};
inline result<graph> load_tflite(file_bytes file, const tflite_options& options) {
  const std::string name = file.name;
  return with_memory_errors(name, [&] {
    return load_from(
        tflite_source{
            std::move(file), options, {options.operators.begin(), options.operators.end()}},
        options.shapes);
  });
}

}  // namespace detail

OCTET_INLINE result<graph> try_tflite(const std::string& path, const tflite_options& options) {
  auto f = map_file(path, options.max);
  if (!f) return f.error();
  return detail::load_tflite(std::move(*f), options);
}
OCTET_INLINE result<graph> try_tflite(std::span<const std::byte> bytes, const std::string& name,
                                      const tflite_options& options) {
  return with_memory_errors(name,
                            [&] { return detail::load_tflite(from_memory(name, bytes), options); });
}

OCTET_INLINE std::vector<std::string> tflite_operators() {
  std::vector<std::string> list;
  for (std::size_t code = 0; code < std::size(tflite_schema::builtin_operators); ++code)
    if (why_refused(static_cast<std::int32_t>(code)).empty())
      list.emplace_back(tflite_schema::builtin_operators[code]);
  std::erase(list, "CUSTOM");
  for (const tflite_custom_row& r : tflite_custom_rows) list.emplace_back(r.name);
  std::sort(list.begin(), list.end());
  return list;
}
OCTET_INLINE std::vector<std::pair<std::string, std::string>> tflite_refused_operators() {
  std::vector<std::pair<std::string, std::string>> list;
  for (std::size_t code = 0; code < std::size(tflite_schema::builtin_operators); ++code)
    if (const auto why = why_refused(static_cast<std::int32_t>(code)); !why.empty())
      list.emplace_back(tflite_schema::builtin_operators[code], why);
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_TFLITE_LOADER_HPP_
