// A compiled typed graph as tables of constants: what the functions behind the type see, in the
// compiler and at run time.
#ifndef OCTET_TYPED_IMAGE_HPP_
#define OCTET_TYPED_IMAGE_HPP_

#include "octet/plan/memory.hpp"
#include "octet/plan/prepare_step.hpp"
#include "octet/typed/by_law.hpp"

OCTET_NAMESPACE_BEGIN
namespace typed::detail {

struct image {
  std::span<const node_info> nodes;
  std::span<const tensor_info> tensors;
  std::span<const attribute> attributes;
  std::span<const std::int32_t> operands;
  std::span<const std::int32_t> inputs, outputs;
  std::span<const char* const> output_names;
  law arithmetic;
  std::span<const std::size_t> offset{};  // per tensor
  std::span<const bool> skipped{};        // per node

  constexpr const tensor_info* in(const node_info& n, std::int32_t i) const {
    const std::int32_t t = i < n.ins ? operands[as_size(n.first_in + i)] : -1;
    return t < 0 ? nullptr : &tensors[as_size(t)];
  }
  constexpr const tensor_info& out(const node_info& n, std::int32_t i = 0) const {
    return tensors[as_size(operands[as_size(n.first_out + i)])];
  }
  constexpr attribute_view attrs(const node_info& n) const {
    return attributes.subspan(as_size(n.first_attr), as_size(n.attrs));
  }
};

constexpr tensor_desc describe(const tensor_info& t) {
  tensor_desc d;
  d.type = t.type;
  d.shape = unpack(t.shape);
  if (t.channels == 0) {
    if (t.scale != 0) d.scales = {&t.scale, 1};
    d.zero_points = {&t.zero_point, 1};
    return d;
  }
  d.axis = t.axis;
  const auto count = as_size(t.channels);
  d.scales = t.scales64 ? scale_list(std::span<const double>(t.scales64, count))
                        : scale_list(std::span<const float>(t.scales32, count));
  if (t.zero_points) d.zero_points = {t.zero_points, count};
  return d;
}

/// What stands for a constant's bytes in the compiler, which cannot read them through a pointer to
/// void: rules and op_def::memory ask only whether there are any.
inline constexpr std::byte unread_constant[1]{};
inline std::span<const std::byte> bytes_of_constant(const tensor_info& t) {
  return {static_cast<const std::byte*>(t.data), t.bytes};
}

/// A node as operators see it. Refers to the image's tables. Small frames keep the compiler's work
/// small: it fills every element.
template <std::size_t Inputs, std::size_t Outputs> class node_frame {
 public:
  constexpr node_frame(const image& g, const node_info& n) : node_(&n), attrs_(g.attrs(n)) {
    for (std::int32_t i = 0; i < n.ins; ++i) {
      const auto k = as_size(i);
      const tensor_info* t = g.in(n, i);
      given_[k] = t != nullptr;
      if (t == nullptr) continue;
      in_[k] = describe(*t);
      if (t->role != role::constant) continue;
      if (std::is_constant_evaluated())
        constants_[k] = t->bytes == 0 ? std::span<const std::byte>() : unread_constant;
      else
        constants_[k] = bytes_of_constant(*t);
    }
    for (std::int32_t i = 0; i < n.outs; ++i) out_[as_size(i)] = describe(g.out(n, i));
  }
  node_frame(const node_frame&) = delete;
  node_frame& operator=(const node_frame&) = delete;
  constexpr node_view view() const {
    const auto ins = as_size(node_->ins), outs = as_size(node_->outs);
    return {{in_.data(), ins}, {out_.data(), outs}, {constants_.data(), ins}, {given_.data(), ins},
            &attrs_,           node_->round};
  }

 private:
  const node_info* node_;
  attribute_view attrs_;
  std::array<tensor_desc, Inputs> in_{};
  std::array<tensor_desc, Outputs> out_{};
  std::array<std::span<const std::byte>, Inputs> constants_{};
  std::array<bool, Inputs> given_{};
};

/// f(node_view) of a node.
template <class F> constexpr auto with_view(const image& g, const node_info& n, F&& f) {
  if (n.ins <= 3 && n.outs <= 1) return f(node_frame<3, 1>(g, n).view());
  return f(node_frame<32, 16>(g, n).view());
}

/// What the steps take of a graph's memory, node by node.
struct step_memory {
  bool alias, has_form;
  std::size_t params;
  std::array<kernels::node_bytes, node_memory::most_targets> on;  // for each target
};
constexpr step_memory memory_of(const image& g, const node_info& n,
                                std::span<const kernels::target_layout* const> targets) {
  return with_view(g, n, [&](const node_view& v) -> step_memory {
    const node_memory m = octet::detail::memory_of_step(*n.op, v, targets);
    return {m.alias, takes(*n.op, v), m.params, m.on};
  });
}

/// What accumulators of one channel are multiplied with: mult for the integer roundings, scale for
/// F, FB, FZ, scale64 for D64.
struct channel_scale {
  multiplier mult{};
  float scale = 0;
  double scale64 = 0;
};
/// By the functions that prepare() uses. Fields are zero where the node has no such factor.
constexpr channel_scale scale_of(const image& g, std::size_t node, std::size_t channel) {
  channel_scale s;
  const node_info& n = g.nodes[node];
  const tensor_info *x = g.in(n, 0), *w = g.in(n, 1);
  const tensor_info& y = g.out(n);
  if (n.round == rounding::none || y.channels != 0 || x->channels != 0) return s;
  if (n.op->accumulates) {
    const double sw = w->channels == 0 ? w->scale
                      : w->scales64    ? w->scales64[channel]
                                       : static_cast<double>(w->scales32[channel]);
    const bool narrow = uses_f32_product(n.round, g.attrs(n).integer("f32_product") != 0);
    set_channel(n.round, &s.mult, &s.scale, &s.scale64, 0,
                laws::accumulator_scale(narrow, x->scale, sw), y.scale);
  } else if (n.op->requantizes) {
    set_channel(n.round, &s.mult, &s.scale, &s.scale64, 0, x->scale, y.scale);
  }
  return s;
}

}  // namespace typed::detail
OCTET_NAMESPACE_END

#endif  // OCTET_TYPED_IMAGE_HPP_
