// Places tensors with known lifetimes in one arena. One constexpr function, run by the compiler for
// typed graphs and at plan time for files.
#ifndef OCTET_RUNTIME_MEMORY_HPP_
#define OCTET_RUNTIME_MEMORY_HPP_

#include <cstddef>
#include <span>

#include "octet/core/buffer.hpp"

OCTET_NAMESPACE_BEGIN

/// A block that must exist from step `first` to step `last`, both included.
struct lifetime {
  std::size_t bytes = 0;
  std::int32_t first = 0, last = 0;
  std::size_t offset = 0;  // result
};

/// Greedy by size: the largest block first, each at the lowest 64-byte aligned gap that is free
/// during its whole life. Returns the arena's size in bytes. `order` and `placed` are scratch of
/// the same length as `blocks`. O(n^2); optimal placement is NP-hard, on MobileNetV2 this one is
/// the lower bound (largest input + output pair of one layer).
constexpr std::size_t place(std::span<lifetime> blocks, std::span<std::int32_t> order,
                            std::span<std::int32_t> placed) {
  const std::size_t n = blocks.size();
  for (std::size_t i = 0; i < n; ++i) {  // insertion sort: constexpr, stable, n is small
    std::size_t j = i;
    while (j > 0 && blocks[static_cast<std::size_t>(order[j - 1])].bytes < blocks[i].bytes) {
      order[j] = order[j - 1];
      --j;
    }
    order[j] = static_cast<std::int32_t>(i);
  }
  std::size_t peak = 0, count = 0;
  for (std::size_t k = 0; k < n; ++k) {
    lifetime& b = blocks[static_cast<std::size_t>(order[k])];
    std::size_t at = 0;
    for (std::size_t q = 0; q < count; ++q) {  // `placed` is sorted by offset
      const lifetime& o = blocks[static_cast<std::size_t>(placed[q])];
      if (o.last < b.first || b.last < o.first) continue;
      if (at + b.bytes <= o.offset) break;
      if (o.offset + o.bytes > at) at = round_up(o.offset + o.bytes, alignment);
    }
    b.offset = at;
    if (at + b.bytes > peak) peak = at + b.bytes;
    std::size_t q = count++;
    while (q > 0 && blocks[static_cast<std::size_t>(placed[q - 1])].offset > at) {
      placed[q] = placed[q - 1];
      --q;
    }
    placed[q] = order[k];
  }
  return peak;
}

OCTET_NAMESPACE_END

#endif  // OCTET_RUNTIME_MEMORY_HPP_
