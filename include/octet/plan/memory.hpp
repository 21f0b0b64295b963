// The memory layout of a graph: which tensors share bytes, how long each must exist, where it lies.
// One constexpr function, run by the compiler for typed graphs and at plan time for files.
#ifndef OCTET_PLAN_MEMORY_HPP_
#define OCTET_PLAN_MEMORY_HPP_

#include <algorithm>
#include <cstddef>
#include <map>
#include <queue>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "octet/core/buffer.hpp"
#include "octet/core/work_list.hpp"

OCTET_NAMESPACE_BEGIN

/// A block that must exist from step `first` to step `last`, both included.
struct lifetime {
  std::size_t bytes = 0;
  std::int32_t first = 0, last = 0;
  std::size_t offset = 0;  // result
};

namespace detail {

/// Blocks by the steps during which they exist: a segment tree over the steps, each block listed at
/// the O(log steps) nodes that together cover its life.
class alive_index {
  struct entry {
    std::int32_t block, next;
  };
  template <class F> constexpr void cover(const lifetime& b, F&& f) const {
    std::size_t l = as_size(b.first) + steps_, r = as_size(b.last) + 1 + steps_;
    for (; l < r; l /= 2, r /= 2) {
      if (l % 2 != 0) f(l++);
      if (r % 2 != 0) f(--r);
    }
  }

 public:
  constexpr alive_index(std::span<const lifetime> blocks, std::int32_t steps)
      : steps_(as_size(steps)), head_(2 * steps_), entries_(entries(blocks)) {}
  constexpr void add(std::int32_t block, const lifetime& b) {
    cover(b, [&](std::size_t node) {
      entries_[++used_] = {block, head_[node]};
      head_[node] = static_cast<std::int32_t>(used_);
    });
  }
  template <class F> constexpr void for_alive_at(std::int32_t step, F&& f) const {
    for (std::size_t node = as_size(step) + steps_; node > 0; node /= 2)
      for (std::int32_t e = head_[node]; e != 0; e = entries_[as_size(e)].next)
        f(entries_[as_size(e)].block);
  }

 private:
  constexpr std::size_t entries(std::span<const lifetime> blocks) const {
    std::size_t n = 0;
    for (const lifetime& b : blocks) cover(b, [&](std::size_t) { ++n; });
    return n + 1;
  }
  std::size_t steps_;
  work_list<std::int32_t> head_;  // per node: its last entry; 0: none
  work_list<entry> entries_;
  std::size_t used_ = 0;
};

/// Bytes of an arena that are free, with free neighbours joined. Not for constant evaluation.
class free_list {
 public:
  /// The smallest free range of `bytes` (a multiple of the alignment), else what follows the end.
  std::size_t take(std::size_t bytes) {
    const auto it = by_size_.lower_bound({bytes, 0});
    if (it == by_size_.end()) {
      const std::size_t at = end_;
      end_ += bytes;
      return at;
    }
    const auto [size, at] = *it;
    by_size_.erase(it);
    by_begin_.erase(at);
    if (size > bytes) add(at + bytes, size - bytes);
    return at;
  }
  void give(std::size_t at, std::size_t bytes) {
    auto next = by_begin_.lower_bound(at);
    if (next != by_begin_.end() && next->first == at + bytes) {
      bytes += next->second;
      next = remove(next);
    }
    if (next != by_begin_.begin())
      if (const auto before = std::prev(next); before->first + before->second == at) {
        at = before->first;
        bytes += before->second;
        remove(before);
      }
    add(at, bytes);
  }
  std::size_t end() const { return end_; }

 private:
  using ranges = std::map<std::size_t, std::size_t>;  // begin, bytes
  void add(std::size_t at, std::size_t bytes) {
    by_begin_.emplace(at, bytes);
    by_size_.emplace(bytes, at);
  }
  ranges::iterator remove(ranges::iterator it) {
    by_size_.erase({it->second, it->first});
    return by_begin_.erase(it);
  }
  ranges by_begin_;
  std::set<std::pair<std::size_t, std::size_t>> by_size_;  // bytes, begin
  std::size_t end_ = 0;
};

/// Step by step, each block at the smallest gap that it fits into: n log n whatever the lives are,
/// a larger arena than place() finds. `by_start`: the blocks' indices by their first steps.
inline std::size_t place_in_order(std::span<lifetime> blocks,
                                  std::span<const std::int32_t> by_start) {
  using ending = std::pair<std::int32_t, std::int32_t>;  // last step, block
  std::priority_queue<ending, std::vector<ending>, std::greater<>> alive;
  free_list free;
  const auto bytes = [&](std::int32_t i) { return round_up(blocks[as_size(i)].bytes, alignment); };
  for (const std::int32_t i : by_start) {
    lifetime& b = blocks[as_size(i)];
    if (b.bytes == 0) continue;
    for (; !alive.empty() && alive.top().first < b.first; alive.pop()) {
      const std::int32_t ended = alive.top().second;
      free.give(blocks[as_size(ended)].offset, bytes(ended));
    }
    b.offset = free.take(bytes(i));
    alive.emplace(b.last, i);
  }
  return free.end();
}

/// Pairs of blocks that exist at the same time, beyond which place() does not compare them all: a
/// tenth of a second. Networks have some thousands.
inline constexpr std::size_t most_pairs = std::size_t{1} << 22;

}  // namespace detail

/// Greedy by size: the largest block first, each at the lowest 64-byte aligned gap that is free
/// during its whole life. Returns the arena's size in bytes. Steps count from 0. Optimal placement
/// is NP-hard; on MobileNetV2 this one is the lower bound (largest input + output pair of one
/// layer). Time: n log n, and for each block the number of blocks that exist at the same time: near
/// linear where lives are short, as in deep networks. Where most of very many blocks live together,
/// they are placed in the order of their first steps instead, in n log n.
constexpr std::size_t place(std::span<lifetime> blocks) {
  const std::size_t n = blocks.size();
  std::int32_t steps = 1;
  for (const lifetime& b : blocks) steps = std::max(steps, b.last + 1);
  detail::work_list<std::int32_t> by_size(n), by_start(n);
  for (std::size_t i = 0; i < n; ++i) by_size[i] = by_start[i] = static_cast<std::int32_t>(i);
  const auto at = [&](std::int32_t i) -> lifetime& { return blocks[as_size(i)]; };
  std::sort(by_size.begin(), by_size.end(), [&](std::int32_t a, std::int32_t b) {
    return at(a).bytes != at(b).bytes ? at(a).bytes > at(b).bytes : a < b;
  });
  std::sort(by_start.begin(), by_start.end(),
            [&](std::int32_t a, std::int32_t b) { return at(a).first < at(b).first; });
  detail::work_list<std::int32_t> starts(as_size(steps) + 1);
  for (const lifetime& b : blocks) ++starts[as_size(b.first) + 1];
  for (std::size_t s = 1; s <= as_size(steps); ++s) starts[s] += starts[s - 1];
  detail::work_list<std::int32_t> ends(as_size(steps) + 1);  // before each step
  for (const lifetime& b : blocks) ++ends[as_size(b.last) + 1];
  for (std::size_t s = 1; s <= as_size(steps); ++s) ends[s] += ends[s - 1];
  std::size_t pairs = 0;
  for (const lifetime& b : blocks)
    pairs += as_size(starts[as_size(b.last) + 1] - ends[as_size(b.first)]);
  if (pairs > detail::most_pairs)
    return detail::place_in_order(blocks, {by_start.begin(), by_start.size()});

  detail::alive_index alive(blocks, steps);
  detail::work_list<bool> placed(n);
  detail::work_list<std::pair<std::size_t, std::size_t>> taken(n);  // begin, end
  std::size_t peak = 0;
  for (const std::int32_t k : by_size) {
    lifetime& b = at(k);
    // Blocks that exist at the same time: at b's first step, or from a later one on.
    std::size_t count = 0;
    alive.for_alive_at(b.first, [&](std::int32_t o) {
      taken[count++] = {at(o).offset, at(o).offset + at(o).bytes};
    });
    for (std::int32_t i = starts[as_size(b.first) + 1]; i < starts[as_size(b.last) + 1]; ++i)
      if (const std::int32_t o = by_start[as_size(i)]; placed[as_size(o)])
        taken[count++] = {at(o).offset, at(o).offset + at(o).bytes};
    std::sort(taken.begin(), taken.begin() + count);
    std::size_t offset = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (offset + b.bytes <= taken[i].first) break;
      if (taken[i].second > offset) offset = round_up(taken[i].second, alignment);
    }
    b.offset = offset;
    peak = std::max(peak, offset + b.bytes);
    placed[as_size(k)] = true;
    alive.add(k, b);
  }
  return peak;
}

/// A graph as its memory layout sees it. Tensors and operands by index; -1: an absent operand.
struct memory_graph {
  enum class kind : std::uint8_t { value, constant, state };
  struct tensor {
    std::size_t bytes;
    kind role;
  };
  struct node {
    std::int32_t first_in, ins, first_out, outs;  // ranges of `operands`
    bool alias;  // the output is the first input's bytes, if the two may share them
  };
  std::span<const tensor> tensors;
  std::span<const node> nodes;  // in execution order
  std::span<const std::int32_t> operands, inputs, outputs;
  bool keep_all = false;  // every tensor keeps its own memory for all the time
};

/// The offset of tensors that have no memory: constants, and values that no step touches.
inline constexpr std::size_t no_place = static_cast<std::size_t>(-1);

/// Where every tensor lies. The spans are the caller's and as long as the graph's lists.
struct memory_layout {
  std::span<std::size_t>
      offset;               // per tensor: of values, in the arena; of states, among the states
  std::span<bool> skipped;  // per node: it needs no step, its output is its input's bytes
  std::size_t arena = 0, states = 0;  // bytes
};

namespace detail {

/// Which tensor's bytes each tensor is; sets memory_layout::skipped. An alias shares its input's
/// bytes where these live in the arena, and where no two graph outputs or an input and an output
/// would become one block.
constexpr void share_bytes(const memory_graph& g, memory_layout& to,
                           work_list<std::int32_t>& shares) {
  const std::size_t count = g.tensors.size();
  work_list<bool> is_output(count), holds_input(count), holds_output(count);
  for (std::size_t t = 0; t < count; ++t) shares[t] = static_cast<std::int32_t>(t);
  for (std::int32_t t : g.inputs) holds_input[as_size(t)] = true;
  for (std::int32_t t : g.outputs) is_output[as_size(t)] = holds_output[as_size(t)] = true;
  for (std::size_t n = 0; n < g.nodes.size(); ++n) {
    to.skipped[n] = false;
    if (!g.nodes[n].alias || g.keep_all) continue;
    const std::int32_t from = g.operands[as_size(g.nodes[n].first_in)],
                       result = g.operands[as_size(g.nodes[n].first_out)];
    if (g.tensors[as_size(from)].role != memory_graph::kind::value ||
        g.tensors[as_size(result)].role != memory_graph::kind::value)
      continue;
    const std::size_t root = as_size(shares[as_size(from)]);
    if (is_output[as_size(result)] && (holds_input[root] || holds_output[root])) continue;
    shares[as_size(result)] = static_cast<std::int32_t>(root);
    holds_output[root] = holds_output[root] || is_output[as_size(result)];
    to.skipped[n] = true;
  }
}
/// How long the bytes of each tensor must exist, and how many they are; `used`: whose bytes any
/// step touches. Returns the last step: steps count from 1; at 0 the inputs are written, at the
/// last the outputs are read.
constexpr std::int32_t find_lifetimes(const memory_graph& g, std::span<const bool> skipped,
                                      const work_list<std::int32_t>& shares,
                                      work_list<lifetime>& life, work_list<bool>& used) {
  const auto touch = [&](std::int32_t t, std::int32_t when) {
    if (t < 0 || g.tensors[as_size(t)].role != memory_graph::kind::value) return;
    const std::size_t root = as_size(shares[as_size(t)]);
    lifetime& l = life[root];
    l.bytes = std::max(l.bytes, g.tensors[as_size(t)].bytes);
    if (!used[root]) l.first = l.last = when;
    l.first = std::min(l.first, when);
    l.last = std::max(l.last, when);
    used[root] = true;
  };
  std::int32_t step = 0;
  for (std::int32_t t : g.inputs) touch(t, step);
  for (std::size_t n = 0; n < g.nodes.size(); ++n) {
    if (skipped[n]) continue;
    ++step;
    const memory_graph::node& node = g.nodes[n];
    for (std::int32_t i = 0; i < node.ins; ++i) touch(g.operands[as_size(node.first_in + i)], step);
    for (std::int32_t i = 0; i < node.outs; ++i)
      touch(g.operands[as_size(node.first_out + i)], step);
  }
  ++step;
  for (std::int32_t t : g.outputs) touch(t, step);
  return step;
}

}  // namespace detail

/// Where every tensor of `g` lies.
constexpr void lay_out(const memory_graph& g, memory_layout& to) {
  const std::size_t count = g.tensors.size();
  detail::work_list<std::int32_t> shares(count);
  detail::share_bytes(g, to, shares);
  detail::work_list<lifetime> life(count);
  detail::work_list<bool> used(count);
  const std::int32_t last = detail::find_lifetimes(g, to.skipped, shares, life, used);

  std::size_t blocks = 0;
  detail::work_list<std::size_t> owner(count);
  for (std::size_t t = 0; t < count; ++t) {
    if (!used[t]) continue;
    if (g.keep_all) life[t].first = 0, life[t].last = last;
    owner[blocks] = t;
    life[blocks++] = life[t];
  }
  to.arena = place({life.begin(), blocks});
  to.states = 0;
  for (std::size_t t = 0; t < count; ++t) to.offset[t] = no_place;
  for (std::size_t b = 0; b < blocks; ++b) to.offset[owner[b]] = life[b].offset;
  for (std::size_t t = 0; t < count; ++t) {
    if (g.tensors[t].role == memory_graph::kind::state) {
      to.offset[t] = to.states;
      to.states += round_up(g.tensors[t].bytes, alignment);
    } else {
      to.offset[t] = to.offset[as_size(shares[t])];
    }
  }
}

OCTET_NAMESPACE_END

#endif  // OCTET_PLAN_MEMORY_HPP_
