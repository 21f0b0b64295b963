// Files that stay open for other shapes of a network's inputs: what was read and computed of
// constants the first time serves every other.
#ifndef OCTET_IMPORT_COMMON_SOURCE_HPP_
#define OCTET_IMPORT_COMMON_SOURCE_HPP_

#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "octet/graph/node_key.hpp"
#include "octet/numerics/fp_env.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

/// Constants of the graph that a file gave first. Later ones find them again: results of folded
/// nodes by what they were computed from, all others by their contents. Nothing is added later, so
/// that its size does not depend on how many shapes are asked for.
class first_constants {
 public:
  /// While the file is loaded for the first time.
  bool recording() const noexcept { return !complete_; }

  /// What a node that can be folded is found by. Empty where looking it up would cost more than
  /// folding it.
  static std::string key_of(const graph& g, const node& n) {
    for (const tensor_id t : n.in)
      if (t != no_tensor && is_large(g[t]))
        return octet::detail::node_key(g, n, octet::detail::key_extents::all).take();
    return {};
  }
  /// The results of the node with this key, if it was folded the first time; null: it was not.
  const std::vector<constant_data>* folded(const std::string& key) const {
    const auto it = folded_.find(key);
    return it == folded_.end() ? nullptr : &it->second.results;
  }
  /// A node with this key has been folded.
  void keep(const graph& g, const node& n, std::string key) {
    fold f;
    for (const tensor_id t : n.in)
      if (t != no_tensor) f.from.push_back(g[t].data);
    for (const tensor_id t : n.out) f.results.push_back(g[t].data);
    folded_.emplace(std::move(key), std::move(f));
  }
  /// The first graph is complete: what it holds is what later ones look for.
  void remember(const graph& g) {
    for (const tensor& t : g.tensors)
      if (is_large(t) && by_address_.insert(t.data.bytes.data()).second)
        by_size_[t.data.bytes.size()].all.push_back(t.data);
    complete_ = true;
  }
  /// Constants of a later graph that equal one of the first become that one. Few have a size that
  /// one of the first has: the others are not read.
  void share(graph& g) {
    for (tensor& t : g.tensors) {
      if (!is_large(t) || by_address_.contains(t.data.bytes.data())) continue;
      const auto found = by_size_.find(t.data.bytes.size());
      if (found == by_size_.end()) continue;
      of_size& same = found->second;
      if (same.by_contents.empty())
        for (const constant_data& d : same.all) same.by_contents.emplace(hash_of(d), &d);
      const auto [begin, end] = same.by_contents.equal_range(hash_of(t.data));
      for (auto it = begin; it != end; ++it)
        if (std::memcmp(it->second->bytes.data(), t.data.bytes.data(), t.data.bytes.size()) == 0) {
          t.data = *it->second;
          break;
        }
    }
  }

 private:
  struct fold {
    std::vector<constant_data> from, results;  // `from` keeps the key's addresses taken
  };
  static bool is_large(const tensor& t) {
    return t.role == tensor::kind::constant &&
           t.data.bytes.size() >= octet::detail::known_by_address;
  }
  static std::size_t hash_of(const constant_data& d) {
    return std::hash<std::string_view>()(
        {reinterpret_cast<const char*>(d.bytes.data()), d.bytes.size()});
  }

  std::unordered_map<std::string, fold> folded_;
  struct of_size {
    std::deque<constant_data> all;
    std::unordered_multimap<std::size_t, const constant_data*> by_contents;  // once it is asked for
  };
  std::unordered_map<std::size_t, of_size> by_size_;
  std::unordered_set<const std::byte*> by_address_;
  bool complete_ = false;
};

/// `File`: what was read of a file, with the options it was asked for. `graph_for(shapes, kept)`
/// gives the network; the shapes stand in place of those of the options (`options`, whose `max` are
/// the limits). Where the file says which extents of inputs are the same, `follow(given, all)`
/// changes those of `all` that the given shapes decide.
template <class File> class file_source final : public graph_source {
 public:
  explicit file_source(File file) : file_(std::move(file)) {}

  result<graph> for_shapes(const named_shapes& shapes) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return with_memory_errors([&]() -> result<graph> {
      auto g = file_.graph_for(shapes, kept_);
      if (g) kept_.share(*g);
      return g;
    });
  }
  const limits& within() const override { return file_.options.max; }
  result<named_shapes> completed(const named_shapes& given, named_shapes all) const override {
    if constexpr (requires { file_.follow(given, all); })
      if (auto s = file_.follow(given, all); !s) return s.error();
    for (const auto& [name, shape] : given)
      for (auto& [input, to] : all)
        if (input == name) to = shape;
    return all;
  }
  bool made(const graph& g) const override { return octet::detail::digest_of(g) == digest_; }
  /// The first graph, with the shapes of the options.
  result<graph> load(const named_shapes& shapes) {
    auto g = file_.graph_for(shapes, kept_);
    if (!g) return g;
    kept_.remember(*g);
    digest_ = octet::detail::digest_of(*g);
    return g;
  }

 private:
  File file_;
  std::mutex mutex_;
  first_constants kept_;
  std::size_t digest_ = 0;  // of the first graph
};

/// The graph of a file, which can be had for other shapes.
template <class File> result<graph> load_from(File file, const named_shapes& shapes) {
  auto source = std::make_shared<file_source<File>>(std::move(file));
  auto g = source->load(shapes);
  if (g) g->origin = std::move(source);
  return g;
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_COMMON_SOURCE_HPP_
