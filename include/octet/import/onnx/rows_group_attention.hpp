// Attention whose queries share heads of keys and values, and rotary embeddings, as ONNX Runtime's
// contributed operators have them.
#ifndef OCTET_IMPORT_ONNX_ROWS_GROUP_ATTENTION_HPP_
#define OCTET_IMPORT_ONNX_ROWS_GROUP_ATTENTION_HPP_

#include "octet/import/onnx/rows_attention.hpp"
#include "octet/ops/attention.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

// ---- rotary embeddings ----

inline constexpr std::int32_t most_turned = 1 << 20;  // pairs of a head
/// How pairs of a head's elements turn: of its first `size` elements, i and i + size / 2, or
/// (interleaved) neighbours, by the angles of their place.
struct rotary {
  tensor_id cos = no_tensor, sin = no_tensor;  // [1 or batch, steps, size / 2]
  std::int32_t size = 0;
  bool interleaved = false;
};
/// x [batch, steps, heads, size]: (a cos - b sin, a sin + b cos) of each pair (a, b). As products
/// of 2 x 2 matrices with one column for each head, since ONNX Runtime rounds the second product,
/// then the fused sum with the first: a chain of b's product, then a's.
inline tensor_id turned_by(emitter& m, tensor_id x, const rotary& r) {
  if (m.failed()) return no_tensor;
  const dims s = m.tensor_of(x).shape;
  const std::int32_t half = r.size / 2;
  const auto place = [&](std::int32_t pair, std::int32_t of) {
    return r.interleaved ? 2 * pair + of : pair + of * half;
  };
  std::vector<std::int32_t> order(as_size(r.size)), back(as_size(r.size));
  for (std::int32_t i = 0; i < half; ++i)
    for (std::int32_t of = 0; of < 2; ++of) {
      order[as_size(2 * i + of)] = place(i, 1 - of);
      back[as_size(place(i, of))] = 2 * i + of;
    }
  const tensor_id pairs = turned(
      m, m.reshaped(picked(m, x, 3, order), dims{s[0], s[1], s[2], half, 2}), {0, 1, 3, 4, 2});
  const dims angles = m.tensor_of(r.cos).shape;
  const auto column = [&](tensor_id t) { return m.reshaped(t, dims{angles[0], s[1], half, 1}); };
  const tensor_id cos = column(r.cos), sin = column(r.sin);
  const tensor_id matrices =
      m.reshaped(joined_on(m, {m.made(ops::neg, {sin}, dtype::f32), cos, cos, sin}, 3),
                 dims{angles[0], s[1], half, 2, 2});
  const tensor_id y = m.made(ops::batch_matmul, {matrices, pairs}, dtype::f32);
  tensor_id heads = turned(
      m, m.failed() ? no_tensor : m.reshaped(y, dims{s[0], s[1], r.size, s[2]}), {0, 1, 3, 2});
  if (!r.interleaved) heads = picked(m, heads, 3, back);
  if (r.size == s[3]) return heads;
  return joined_on(m, {heads, part_of_axis(m, x, 3, r.size, s[3] - r.size)}, 3);
}
/// The rows of a table [places, size / 2] at positions [1 or batch, steps].
inline void look_up_angles(emitter& m, rotary& r, const value& cos, const value& sin,
                           tensor_id positions) {
  const dims a = m.shape(cos), b = m.shape(sin);
  if (!m.failed() && (a.rank != 2 || !(a == b) || a[1] < 1 || a[1] > most_turned))
    m.broken("shapes of the tables of cosines and sines", to_string(a) + ", " + to_string(b),
             "[places, half of what is turned]");
  if (m.failed() || !m.is_real(cos) || !m.is_real(sin)) return;
  r.size = 2 * a[1];
  r.cos = rows_of(m, m.held(cos, false), positions);
  r.sin = rows_of(m, m.held(sin, false), positions);
}
/// x [batch, steps, heads * size] or [batch, heads, steps, size], as [batch, steps, heads, size];
/// `heads` where the file says how many there are.
inline tensor_id steps_of_heads(emitter& m, const value& x, std::int64_t heads, std::int32_t size) {
  const dims s = m.shape(x);
  if (m.failed() || !m.is_real(x)) return no_tensor;
  if (s.rank == 4) return turned(m, m.held(x, false), {0, 2, 1, 3});
  if (s.rank == 3 && heads < 1 && size > 0 && s[2] % size == 0) heads = s[2] / size;
  if (s.rank != 3 || heads < 1 || heads > s[2] || s[2] % heads != 0) {
    m.broken("shape of what is turned", to_string(s),
             "[batch, steps, heads * size], [batch, heads, steps, size]");
    return no_tensor;
  }
  const auto count = static_cast<std::int32_t>(heads);
  return m.reshaped(m.held(x, false), dims{s[0], s[1], count, s[2] / count});
}
/// How many elements of a head a table of angles turns; 0 where it is none.
inline std::int32_t turned_size(const emitter& m, const value& table) {
  const dims s = m.shape(table);
  return s.rank < 2 || s.back(0) < 0 || s.back(0) > most_turned ? 0 : 2 * s.back(0);
}
/// x turned by r, in x's shape.
inline void give_turned(emitter& m, call& c, tensor_id x, const rotary& r) {
  if (m.failed()) return;
  const dims s = m.tensor_of(x).shape, angles = m.tensor_of(r.cos).shape;
  if (r.size > s[3] || angles.rank != 3 || angles[1] != s[1] ||
      (angles[0] != s[0] && angles[0] != 1))
    return m.broken("shape of positions", to_string(angles), to_string(s));
  const tensor_id y = turned_by(m, x, r);
  if (m.failed()) return;
  m.give(c, m.rank(c.in[0]) == 4 ? turned(m, y, {0, 2, 1, 3}) : m.reshaped(y, m.shape(c.in[0])),
         false);
}
/// x, positions (the first one, or [batch, steps]), cosines, sines.
inline void rotary_row(emitter& m, call& c) {
  if (!m.arity(c, 4, 4)) return;
  if (m.real(c, "scale", 1.f) != 1.f) m.refuse("scale of RotaryEmbedding");
  if (m.integer(c, "is_packed_batching", 0) != 0) m.refuse("is_packed_batching");
  const std::int64_t part = m.integer(c, "rotary_embedding_dim", 0),
                     heads = m.integer(c, "num_heads", 0);
  const tensor_id x = steps_of_heads(m, c.in[0], heads, part > 0 ? 0 : turned_size(m, c.in[2]));
  const dims p = m.shape(c.in[1]);
  if (m.failed()) return;
  if (m.type(c.in[1]) != dtype::s64)
    return m.broken("element type of positions", std::string(name_of(m.type(c.in[1]))), "int64");
  tensor_id positions = m.held(c.in[1], false);
  const std::int32_t steps = m.tensor_of(x).shape[1];
  if (p.elements().value == 1 && p.rank < 2) {
    std::vector<std::int64_t> later;
    for (std::int32_t i = 0; i < steps; ++i) later.push_back(i);
    positions = m.made(
        ops::add, {m.reshaped(positions, dims{1, 1}), m.new_constant("", dims{1, steps}, later)},
        dtype::s64);
  }
  rotary r;
  r.interleaved = m.integer(c, "interleaved", 0) != 0;
  look_up_angles(m, r, c.in[2], c.in[3], positions);
  if (!m.failed() && part > 0 && r.size != part)
    return m.broken("rotary_embedding_dim", std::to_string(part), std::to_string(r.size));
  give_turned(m, c, x, r);
}
/// ai.onnx: x, cosines, sines, [positions]; without positions a row of angles for each step.
inline void onnx_rotary_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 4)) return;
  const std::int64_t part = m.integer(c, "rotary_embedding_dim", 0);
  const dims table = m.shape(c.in[1]);
  if (m.failed()) return;
  const tensor_id x = steps_of_heads(m, c.in[0], m.integer(c, "num_heads", 0),
                                     part > 0 ? 0 : turned_size(m, c.in[1]));
  rotary r;
  r.interleaved = m.integer(c, "interleaved", 0) != 0;
  if (c.has(3)) {
    look_up_angles(m, r, c.in[1], c.in[2], m.held(c.in[3], false));
  } else if (table.rank != 3 || !(table == m.shape(c.in[2])) || turned_size(m, c.in[1]) == 0 ||
             !m.is_real(c.in[1]) || !m.is_real(c.in[2])) {
    return m.broken("shape of cosines", to_string(table), "[batch, steps, half]");
  } else {
    r.size = 2 * table[2], r.cos = m.held(c.in[1], false), r.sin = m.held(c.in[2], false);
  }
  if (!m.failed() && part > 0 && r.size != part)
    return m.broken("rotary_embedding_dim", std::to_string(part), std::to_string(r.size));
  give_turned(m, c, x, r);
}

// ---- GroupQueryAttention ----

/// What its inputs say. A sequence has `earlier` keys and values that are known already and `steps`
/// new ones; buffers have room for `room`.
struct group_attention {
  std::int32_t batch = 0, steps = 0, heads = 0, groups = 0, size = 0, known = 0, room = 0;
  bool first = false;                                     // no keys are known yet
  tensor_id lengths = no_tensor;                          // [batch]: the last key's place, int32
  tensor_id earlier = no_tensor;                          // [batch], where not `first`
  tensor_id q = no_tensor, k = no_tensor, v = no_tensor;  // [batch, steps, heads or groups, size]
};
inline tensor_id plus(emitter& m, tensor_id x, std::int32_t by) {
  return by == 0 ? x : m.made(ops::add, {x, m.to.scalar_constant(by)}, dtype::s32);
}
/// One number for each sequence, to meet keys or rows.
inline tensor_id by_sequence(emitter& m, const group_attention& a, tensor_id x, int rank) {
  dims s{a.batch};
  for (int i = 1; i < rank; ++i) s.push_back(1);
  return m.reshaped(x, s);
}
/// The keys or values that are known afterwards, [batch, groups, room, size]: those of before, then
/// the new ones, then 0.
inline tensor_id known_afterwards(emitter& m, const group_attention& a, const value& past,
                                  tensor_id now) {
  tensor_id fresh = turned(m, now, {0, 2, 1, 3});
  if (a.first) {
    if (a.room == a.steps) return fresh;
    return joined_on(m, {fresh, m.filled(dims{a.batch, a.groups, a.room - a.steps, a.size}, 0.f)},
                     2);
  }
  const tensor_id all = joined_on(m, {m.held(past, false), fresh}, 2);
  const tensor_id place = m.reshaped(numbered(m, a.room), dims{1, a.room}),
                  before = by_sequence(m, a, a.earlier, 2);
  const tensor_id old = m.made(ops::less, {place, before}, dtype::boolean);
  const tensor_id later = plus(m, m.made(ops::sub, {place, before}, dtype::s32), a.known);
  const tensor_id index = m.made(ops::select, {old, place, later}, dtype::s32);
  attributes at;
  at.set("axis", std::int64_t{2}), at.set("batch_dims", std::int64_t{1});
  if (m.failed()) return no_tensor;
  const tensor_id moved = m.made(ops::gather, {all, index}, dtype::f32, std::move(at));
  const tensor_id there = m.made(
      ops::less,
      {m.reshaped(place, dims{1, 1, a.room, 1}), plus(m, by_sequence(m, a, before, 4), a.steps)},
      dtype::boolean);
  return m.made(ops::select, {there, moved, m.to.scalar_constant(0.f)}, dtype::f32);
}
/// 0 where a query sees a key, else the lowest number: [batch, 1, 1, steps, room]. A query sees the
/// keys up to its own, `window` of them at most (negative: all).
inline tensor_id group_mask(emitter& m, const group_attention& a, std::int64_t window) {
  const tensor_id key = m.reshaped(numbered(m, a.room), dims{1, 1, 1, 1, a.room});
  tensor_id own = m.reshaped(numbered(m, a.steps), dims{1, 1, 1, a.steps, 1});
  if (!a.first) own = m.made(ops::add, {own, by_sequence(m, a, a.earlier, 5)}, dtype::s32);
  tensor_id seen = m.made(ops::less_equal, {key, own}, dtype::boolean);
  const auto also = [&](tensor_id t) {
    seen = m.made(ops::logical_and, {seen, t}, dtype::boolean);
  };
  if (window >= 0 && window < a.room)
    also(m.made(ops::greater, {key, plus(m, own, -static_cast<std::int32_t>(window))},
                dtype::boolean));
  if (a.first)
    also(m.made(ops::less_equal, {key, by_sequence(m, a, a.lengths, 5)}, dtype::boolean));
  return m.made(
      ops::select,
      {seen, m.to.scalar_constant(0.f), m.to.scalar_constant(std::numeric_limits<float>::lowest())},
      dtype::f32);
}
/// The mask with a bias [1 or batch, 1 or heads, steps, keys] added before it.
inline tensor_id with_bias(emitter& m, const group_attention& a, const value& bias,
                           tensor_id mask) {
  if (m.failed() || !bias.given()) return mask;
  const dims s = m.shape(bias);
  if (!m.is_real(bias)) return no_tensor;
  if (s.rank != 4 || s[2] != a.steps || s[3] != a.room || (s[1] != 1 && s[1] != a.heads)) {
    m.refuse("shape of an attention's bias", to_string(s),
             to_string(dims{a.batch, a.heads, a.steps, a.room}));
    return no_tensor;
  }
  const bool each = s[1] != 1;
  const tensor_id added =
      m.reshaped(m.held(bias, false),
                 dims{s[0], each ? a.groups : 1, each ? a.heads / a.groups : 1, s[2], s[3]});
  return m.made(ops::add, {added, mask}, dtype::f32);
}
/// Softmax of capped scores, each product by itself.
inline tensor_id attended_capped(emitter& m, const std::vector<tensor_id>& in, double alpha,
                                 float cap) {
  attributes product;
  product.set("adj_y", std::int64_t{1}), product.set("alpha", alpha);
  tensor_id s = m.made(ops::batch_matmul, {in[0], in[1]}, dtype::f32, std::move(product));
  s = m.made(ops::tanh, {m.made(ops::div, {s, m.to.scalar_constant(cap)}, dtype::f32)}, dtype::f32);
  s = m.made(ops::mul, {s, m.to.scalar_constant(cap)}, dtype::f32);
  s = m.made(ops::add, {s, in[3]}, dtype::f32);
  return m.made(ops::batch_matmul, {m.made(ops::softmax, {s}, dtype::f32, along(4)), in[2]},
                dtype::f32);
}
inline void refuse_group_attention(emitter& m, const call& c) {
  for (const char* key : {"smooth_softmax", "qk_output", "kv_cache_bit_width"})
    if (m.integer(c, key, 0) > 0) m.refuse(key, std::to_string(m.integer(c, key, 0)), "0");
  for (std::size_t i = 11; i < c.in.size(); ++i)
    if (c.has(i)) m.refuse("input " + std::to_string(i) + " of GroupQueryAttention");
  if (c.n.out.size() > 3 && !c.n.out[3].empty()) m.refuse("the scores as a result of attention");
}
/// Queries, keys and values: three inputs, or one that holds all of them.
inline void read_group_inputs(emitter& m, const call& c, group_attention& a) {
  const std::int64_t heads = m.integer(c, "num_heads", 0), groups = m.integer(c, "kv_num_heads", 0);
  const dims s = m.shape(c.in[0]);
  if (m.failed() || !m.is_real(c.in[0])) return;
  constexpr std::int64_t most = 1 << 20;
  if (s.rank != 3 || heads < 1 || groups < 1 || heads > s[2] || heads > most || heads % groups != 0)
    return m.broken("num_heads and kv_num_heads",
                    std::to_string(heads) + ", " + std::to_string(groups), to_string(s));
  a.batch = s[0], a.steps = s[1];
  a.heads = static_cast<std::int32_t>(heads), a.groups = static_cast<std::int32_t>(groups);
  const bool packed = !c.has(1);
  const std::int32_t all = packed ? a.heads + 2 * a.groups : a.heads;
  a.size = s[2] / all;
  if (s[2] % all != 0 || c.has(2) == packed)
    return m.broken("width of queries", std::to_string(s[2]), "heads of one size");
  const auto heads_in = [&](const value& v, std::int32_t count) {
    const dims wanted{a.batch, a.steps, count * a.size};
    if (!m.failed() && !(m.shape(v) == wanted))
      m.refuse("shape of keys and values", to_string(m.shape(v)), to_string(wanted));
    return m.failed() || !m.is_real(v)
               ? no_tensor
               : m.reshaped(m.held(v, false), dims{a.batch, a.steps, count, a.size});
  };
  if (packed) {
    const tensor_id x = heads_in(c.in[0], all);
    a.q = part_of_axis(m, x, 2, 0, a.heads);
    a.k = part_of_axis(m, x, 2, a.heads, a.groups);
    a.v = part_of_axis(m, x, 2, a.heads + a.groups, a.groups);
  } else {
    a.q = heads_in(c.in[0], a.heads);
    a.k = heads_in(c.in[1], a.groups), a.v = heads_in(c.in[2], a.groups);
  }
}
/// How many keys there are, and how many of them are new.
inline void read_group_lengths(emitter& m, const call& c, group_attention& a) {
  const auto total = m.constant_integers(c.in[6], "the total number of keys");
  if (m.failed()) return;
  if (c.has(3) != c.has(4)) return m.broken("past keys or values", "absent", "both");
  if (c.has(3)) {
    const dims k = m.shape(c.in[3]);
    if (k.rank != 4 || !(k == dims{a.batch, a.groups, k[2], a.size}) || !(k == m.shape(c.in[4])))
      return m.broken("shape of past keys and values", to_string(k),
                      to_string(dims{a.batch, a.groups, -1, a.size}));
    a.known = k[2];
  }
  const std::int64_t most = std::int64_t{a.known} + a.steps;
  if (total.size() != 1 || total[0] < a.steps || total[0] > most)
    return m.broken("the total number of keys", total.empty() ? "none" : std::to_string(total[0]),
                    std::to_string(a.steps) + " to " + std::to_string(most));
  a.room = std::max(a.known, static_cast<std::int32_t>(total[0]));
  a.first = total[0] == a.steps;
  if (m.type(c.in[5]) != dtype::s32 || m.shape(c.in[5]).elements().value != as_size(a.batch))
    return m.broken("lengths of sequences", to_string(m.shape(c.in[5])),
                    "int32 " + to_string(dims{a.batch}));
  a.lengths = m.reshaped(m.held(c.in[5], false), dims{a.batch});
  if (!a.first) a.earlier = plus(m, a.lengths, 1 - a.steps);
}
/// Queries and keys turned by the angles of their places.
inline void turn_group(emitter& m, const call& c, group_attention& a) {
  if (m.integer(c, "do_rotary", 0) == 0 || m.failed()) return;
  if (!c.has(7) || !c.has(8)) return m.broken("tables of cosines and sines", "absent", "given");
  tensor_id place = m.reshaped(numbered(m, a.steps), dims{1, a.steps});
  if (!a.first) place = m.made(ops::add, {place, by_sequence(m, a, a.earlier, 2)}, dtype::s32);
  if (c.has(9)) place = m.held(c.in[9], false);
  rotary r;
  r.interleaved = m.integer(c, "rotary_interleaved", 0) != 0;
  look_up_angles(m, r, c.in[7], c.in[8], place);
  const dims p = m.failed() ? dims{} : m.tensor_of(place).shape;
  if (!m.failed() && (r.size > a.size || p.rank != 2 || p[1] != a.steps))
    return m.broken("positions or tables of angles", to_string(p),
                    to_string(dims{a.batch, a.steps}));
  a.q = turned_by(m, a.q, r), a.k = turned_by(m, a.k, r);
}
/// query, [key, value], [past key, past value], lengths - 1, total length, [cosines, sines],
/// [positions], [bias].
inline void group_query_attention_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 16)) return;
  for (const std::size_t i : {5u, 6u})
    if (!c.has(i)) return m.broken("input " + std::to_string(i), "absent", "a value");
  refuse_group_attention(m, c);
  group_attention a;
  read_group_inputs(m, c, a);
  if (!m.failed()) read_group_lengths(m, c, a);
  turn_group(m, c, a);
  const tensor_id keys = known_afterwards(m, a, c.input(3), a.k),
                  values = known_afterwards(m, a, c.input(4), a.v);
  if (m.failed()) return;
  const dims each{a.batch, a.groups, a.heads / a.groups, a.steps, a.size},
      shared{a.batch, a.groups, 1, a.room, a.size};
  const tensor_id mask =
      with_bias(m, a, c.input(10), group_mask(m, a, m.integer(c, "local_window_size", -1)));
  const std::vector<tensor_id> in{m.reshaped(turned(m, a.q, {0, 2, 1, 3}), each),
                                  m.reshaped(keys, shared), m.reshaped(values, shared), mask};
  const double alpha = static_cast<double>(scale_of_scores(m, c, a.size));
  const float cap = m.real(c, "softcap", 0.f);
  attributes at;
  at.set("adj_y", std::int64_t{1}), at.set("undivided", std::int64_t{2}), at.set("alpha", alpha);
  tensor_id y = cap > 0 ? attended_capped(m, in, alpha, cap)
                        : m.made(ops::attention, in, dtype::f32, std::move(at));
  if (m.failed()) return;
  y = turned(m, m.reshaped(y, dims{a.batch, a.heads, a.steps, a.size}), {0, 2, 1, 3});
  if (m.failed()) return;
  y = m.reshaped(y, dims{a.batch, a.steps, a.heads * a.size});
  c.out = {value::of(y), value::of(keys), value::of(values)};
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_GROUP_ATTENTION_HPP_
