// Graphs built while a program runs: the operators, options and checks of typed graphs on values
// whose types are known then.
#ifndef OCTET_TYPED_GRAPH_BUILDER_HPP_
#define OCTET_TYPED_GRAPH_BUILDER_HPP_

#include <memory>

#include "octet/core/limits.hpp"
#include "octet/graph/graph.hpp"
#include "octet/typed/functions.hpp"

OCTET_NAMESPACE_BEGIN
namespace typed {

namespace detail {

/// A list that grows; its elements stay where they are. Indexed as the arrays of constexpr graphs
/// are.
template <class T> class growing_list {
 public:
  T& operator[](std::int32_t i) { return list_[as_size(i)]; }
  const T& operator[](std::int32_t i) const { return list_[as_size(i)]; }
  void resize(std::int32_t n) { list_.resize(as_size(n)); }

 private:
  std::deque<T> list_;
};
template <class T, int N> struct list_of<T, at_run_time, N> { using type = growing_list<T>; };

/// Names and constants of a graph under construction: copies, or memory that somebody was told to
/// keep.
template <> struct kept_memory<at_run_time> {
  struct store;
  std::shared_ptr<store> in;
  kept_memory();
  const char* text(const char* s);
  tensor_info named(tensor_info t);
};

}  // namespace detail

/// A value of a graph that is built while the program runs. Refers to its builder, which must live
/// longer. Unlike those of constexpr graphs it can be assigned: `x = x | conv2d(...)`.
template <> struct value<at_run_time> {
  detail::network<at_run_time>& net;
  std::int32_t out[detail::most_results]{};
  std::int32_t outs = 0;
  const char* out_name[detail::most_results]{};

  explicit value(detail::network<at_run_time>& n) : net(n) {}
  value(const value&) = default;
  value& operator=(const value& o) {  // of any builder: what it refers to may change
    if (this == &o) return *this;
    std::destroy_at(this);
    return *std::construct_at(this, o);
  }
  ~value() = default;

  /// One of several results.
  value operator[](int i) const {
    value v = *this;
    if (i < 0 || i >= outs) {
      v.net.fail(mistake::no_such_result, dims{0, outs - 1}, dims{i}, 0);
      return v;
    }
    v.out[0] = out[i];
    v.out_name[0] = out_name[i];
    v.outs = 1;
    return v;
  }
  dtype type() const { return net.tensors[out[0]].type; }
  dims shape() const { return detail::unpack(net.tensors[out[0]].shape); }
  affine quantization() const {
    const detail::tensor_info& t = net.tensors[out[0]];
    return {t.scale, t.zero_point};
  }
};

}  // namespace typed

/// A graph built while the program runs, by the operators of octet::typed with the same names,
/// options and checks:
///
///   octet::graph_builder b("digits", octet::law::tflite_ref);
///   auto x = b.input("image", q::u8, {1, 28, 28, 1}, {1 / 255.f, 0});
///   x = x | q::conv2d({.filters = 8, .kernel = {3, 3}}, q::per_channel(w, scales), bias, out);
///   octet::result<octet::graph> g = b.finish(x | q::named("scores"));
///
/// Weights, biases and scales are arrays, spans or vectors; an operator copies those that it takes,
/// unless keep() was told of the memory. What is wrong is found where the operator is applied, and
/// finish() reports the first: everything after it has no effect. One thread at a time. What does
/// not fit into memory throws std::bad_alloc.
class graph_builder {
 public:
  using value = typed::value<typed::at_run_time>;

  /// The law decides the rounding of every operator that names none.
  explicit graph_builder(std::string name, law arithmetic = law::tflite_ref, const limits& l = {});

  /// An input of the graph; inputs of one name are one input.
  value input(const std::string& name, dtype type, const dims& shape, typed::affine q = {},
              std::int32_t line = __builtin_LINE()) {
    return add(typed::detail::role::input, name, type, shape, q, line);
  }
  /// Memory that the graph keeps from run to run; starts as real zero. One state has one writer.
  value state(const std::string& name, dtype type, const dims& shape, typed::affine q = {},
              std::int32_t line = __builtin_LINE()) {
    return add(typed::detail::role::state, name, type, shape, q, line);
  }

  /// Constants in this memory are used where they lie (a mapped file): the graph shares `owner`.
  /// Aligned to their elements; must not change.
  void keep(std::shared_ptr<const void> owner, std::span<const std::byte> memory);
  /// The vector's elements as a constant, without a copy.
  template <class T> typed::constant keep(std::vector<T> v) {
    auto owner = std::make_shared<const std::vector<T>>(std::move(v));
    const std::span<const T> elements(*owner);
    keep(owner, std::as_bytes(elements));
    return elements;
  }

  /// The graph whose results `v` stands for (several: typed::outputs, named: typed::named), ready
  /// for octet::compile. Every operator has been prepared once: what compiling would refuse, its
  /// limits aside, is refused here, with the line where it was written; so are attributes by names
  /// that the operator does not have. The builder stays as it is.
  result<graph> finish(const value& v) const;

 private:
  value add(typed::detail::role role, const std::string& name, dtype type, const dims& shape,
            typed::affine q, std::int32_t line);
  error_info named(error_info e) const;

  std::string name_;
  law arithmetic_;
  limits limits_;
  std::unique_ptr<typed::detail::network<typed::at_run_time>> network_;
  std::optional<error_info> error_;
};

OCTET_NAMESPACE_END

#if OCTET_HAS_DEFINITIONS
#include "octet/typed/graph_builder-impl.hpp"
#endif

#endif  // OCTET_TYPED_GRAPH_BUILDER_HPP_
