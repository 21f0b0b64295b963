// Attention and embeddings as ONNX Runtime's contributed operators have them: integer or float
// projections, masks of every rank, keys and values of earlier steps. The attention itself is
// float.
#ifndef OCTET_IMPORT_ONNX_ROWS_ATTENTION_HPP_
#define OCTET_IMPORT_ONNX_ROWS_ATTENTION_HPP_

#include "octet/import/onnx/rows_transformers.hpp"
#include "octet/import/onnx/rows_values.hpp"
#include "octet/ops/attention.hpp"

OCTET_NAMESPACE_BEGIN
namespace onnx_model::rows {

inline tensor_id turned(emitter& m, tensor_id t, std::vector<std::int64_t> perm) {
  attributes a;
  a.set("perm", std::move(perm));
  return m.failed() ? no_tensor : m.moved(ops::transpose, t, std::move(a));
}
/// Queries, keys and values [batch, heads, steps, size]; `mask` is added to the scores and
/// broadcasts over [batch, heads, steps, all steps]; `past` [2, batch, heads, earlier, size].
struct attention {
  tensor_id q = no_tensor, k = no_tensor, v = no_tensor, mask = no_tensor;
  std::int32_t batch = 0, heads = 0, steps = 0, size = 0, earlier = 0;
  std::int32_t keys = -1;  // where they are no steps of their own: how many there are in all
  float scale = 0;         // of the scores
  bool causal = false, hidden_is_zero = false;
  std::int32_t all() const { return keys < 0 ? earlier + steps : keys; }
};
/// 1 / sqrt(size) where the attribute `scale` is 0 or not given.
inline float scale_of_scores(emitter& m, const call& c, std::int32_t size) {
  const float given = m.real(c, "scale", 0.f);
  return given != 0 ? given
                    : numerics::div(1.f, numerics::sqrt_f32(static_cast<float>(std::max(size, 1))));
}
/// Constants along all steps, one int32 each.
inline tensor_id numbered(emitter& m, std::int32_t count) {
  if (!m.check(verify_size(dims{count}, dtype::s32, m.to.max, "places"))) return no_tensor;
  std::vector<std::int32_t> list;
  for (std::int32_t i = 0; i < count; ++i) list.push_back(i);
  return m.new_constant("", dims{count}, list);
}
/// The mask of an attention as numbers to add: 0 where it lets a key be seen, else `filter`.
///   [batch, all] or [batch, steps, all]: above 0 is seen
///   [batch]: how many keys are seen; [2 batch]: then also how many are skipped before them
///   [batch, 1], [1, 1]: no mask
inline tensor_id mask_to_add(emitter& m, const value& v, const attention& a, float filter) {
  const dims s = m.shape(v);
  if (m.failed()) return no_tensor;
  if (m.type(v) != dtype::s32) {
    m.refuse("element type of an attention's mask", std::string(name_of(m.type(v))), "int32");
    return no_tensor;
  }
  const tensor_id given = m.held(v, false);
  const auto compared = [&](const op_def& op, tensor_id x, tensor_id y) {
    return m.made(op, {x, y}, dtype::boolean);
  };
  tensor_id seen = no_tensor;
  if (s == dims{a.batch, a.all()} || s == dims{a.batch, a.steps, a.all()}) {
    const dims as = s.rank == 2 ? dims{a.batch, 1, 1, a.all()} : dims{a.batch, 1, a.steps, a.all()};
    seen = compared(ops::greater, m.reshaped(given, as), m.to.scalar_constant(std::int32_t{0}));
  } else if (s.rank == 2 && s[1] == 1 && (s[0] == 1 || s[0] == a.batch)) {
    return no_tensor;
  } else if (s == dims{a.batch} || s == dims{2 * a.batch}) {
    const auto column = [&](std::int32_t from) {
      return m.reshaped(s[0] == a.batch ? given : part_of_axis(m, given, 0, from, a.batch),
                        dims{a.batch, 1, 1, 1});
    };
    const tensor_id position = m.reshaped(numbered(m, a.all()), dims{1, 1, 1, a.all()});
    seen = compared(ops::less, position, column(0));
    if (s[0] != a.batch)
      seen =
          m.made(ops::logical_and, {seen, compared(ops::greater_equal, position, column(a.batch))},
                 dtype::boolean);
  } else {
    m.refuse("shape of an attention's mask", to_string(s),
             "[batch], [2 batch], [batch, keys], [batch, queries, keys]: " +
                 to_string(dims{a.batch, a.steps, a.all()}));
    return no_tensor;
  }
  return m.made(ops::select, {seen, m.to.scalar_constant(0.f), m.to.scalar_constant(filter)},
                dtype::f32);
}
/// Adds the keys and values of earlier steps. Result: what is known afterwards, [2, batch, heads,
/// all steps, size], where it is wanted.
inline tensor_id with_past(emitter& m, attention& a, const value& past, bool wanted) {
  if (past.given() && !m.failed()) {
    const dims s = m.shape(past);
    if (s.rank != 5 || !(s == dims{2, a.batch, a.heads, s[3], a.size})) {
      m.broken("shape of past keys and values", to_string(s),
               to_string(dims{2, a.batch, a.heads, -1, a.size}));
      return no_tensor;
    }
    a.earlier = s[3];
    const tensor_id all = m.held(past, false);
    const auto extended = [&](std::int64_t i, tensor_id now) {
      const tensor_id before =
          m.reshaped(part_of_axis(m, all, 0, i, 1), dims{a.batch, a.heads, a.earlier, a.size});
      return joined_on(m, {before, now}, 2);
    };
    a.k = extended(0, a.k), a.v = extended(1, a.v);
  }
  const dims one{1, a.batch, a.heads, a.all(), a.size};
  if (!wanted) return no_tensor;
  return m.failed() ? no_tensor : joined_on(m, {m.reshaped(a.k, one), m.reshaped(a.v, one)}, 0);
}
/// Shares of the keys, 0 in rows of which the mask lets none be seen: no score is above the lowest
/// number.
inline tensor_id shares_of_seen(emitter& m, tensor_id scores, tensor_id shares) {
  attributes last;
  last.set("axes", std::vector<std::int64_t>{3}), last.set("keep_dims", std::int64_t{1});
  const tensor_id most = m.made(ops::reduce_max, {scores}, dtype::f32, std::move(last));
  const tensor_id seen =
      m.made(ops::greater, {most, m.to.scalar_constant(std::numeric_limits<float>::lowest())},
             dtype::boolean);
  return m.made(ops::select, {seen, shares, m.to.scalar_constant(0.f)}, dtype::f32);
}
/// [batch, steps, heads * size].
inline tensor_id attended(emitter& m, const attention& a) {
  tensor_id mask = a.mask;
  if (a.causal) {
    const dims square{a.steps, a.all()};
    if (!m.check(verify_size(square, dtype::f32, m.to.max, "a mask"))) return no_tensor;
    std::vector<float> ahead;
    for (std::int32_t row = 0; row < a.steps; ++row)
      for (std::int32_t column = 0; column < a.all(); ++column)
        ahead.push_back(column > a.earlier + row ? std::numeric_limits<float>::lowest() : 0.f);
    const tensor_id later = m.new_constant("", square, ahead);
    mask = mask == no_tensor ? later : m.made(ops::add, {mask, later}, dtype::f32);
  }
  attributes product;
  product.set("adj_y", std::int64_t{1}), product.set("alpha", static_cast<double>(a.scale));
  std::vector<tensor_id> in{a.q, a.k};
  if (mask != no_tensor) in.push_back(mask);
  const tensor_id scores = m.made(ops::batch_matmul, std::move(in), dtype::f32, std::move(product));
  tensor_id shares = m.made(ops::softmax, {scores}, dtype::f32, along(3));
  if (a.hidden_is_zero && a.mask != no_tensor) shares = shares_of_seen(m, scores, shares);
  const tensor_id y = turned(m, m.made(ops::batch_matmul, {shares, a.v}, dtype::f32), {0, 2, 1, 3});
  return m.failed() ? no_tensor : m.reshaped(y, dims{a.batch, a.steps, a.heads * a.size});
}
/// The joint projection [batch, steps, 3 * heads * size] as queries, keys and values; then the
/// attention itself, with inputs `mask` and `past` of the node.
inline void attend(emitter& m, call& c, const value& projected, std::size_t mask,
                   std::size_t past) {
  const std::int64_t heads = m.integer(c, "num_heads", 0);
  if (m.failed()) return;
  const dims s = m.shape(projected);
  if (heads < 1 || heads > s[2] || s[2] % (3 * heads) != 0)
    return m.broken("attribute num_heads", std::to_string(heads),
                    "a divisor of " + std::to_string(s[2] / 3));
  for (const char* key : {"do_rotary", "past_present_share_buffer", "rotary_embedding_dim"})
    if (m.integer(c, key, 0) != 0) m.refuse(key, std::to_string(m.integer(c, key, 0)), "0");
  attention a;
  a.batch = s[0], a.steps = s[1], a.heads = static_cast<std::int32_t>(heads);
  a.size = s[2] / 3 / a.heads;
  a.scale = scale_of_scores(m, c, a.size);
  a.causal = m.integer(c, "unidirectional", 0) != 0;
  const tensor_id all =
      turned(m, m.reshaped(m.held(projected, false), dims{a.batch, a.steps, 3, a.heads, a.size}),
             {2, 0, 3, 1, 4});
  const auto part = [&](std::int64_t k) {
    return m.reshaped(part_of_axis(m, all, 0, k, 1), dims{a.batch, a.heads, a.steps, a.size});
  };
  a.q = part(0), a.k = part(1), a.v = part(2);
  const bool present_wanted = c.n.out.size() > 1 && !c.n.out[1].empty();
  const tensor_id present = with_past(m, a, c.input(past), present_wanted);
  if (c.has(mask)) a.mask = mask_to_add(m, c.in[mask], a, m.real(c, "mask_filter_value", -10000.f));
  const tensor_id y = attended(m, a);
  if (!m.failed()) c.out = {value::of(y), value::of(present)};
}
/// x [batch, steps, inputs] and weights [inputs, 3 * hidden].
inline bool fits_projection(emitter& m, const value& x, const value& w) {
  const dims a = m.shape(x), b = m.shape(w);
  if (m.failed() || (a.rank == 3 && b.rank == 2 && a[2] == b[0] && b[1] % 3 == 0))
    return !m.failed();
  m.broken("shapes of an attention's input and weights", to_string(a) + ", " + to_string(b),
           "[batch, steps, inputs], [inputs, 3 hidden]");
  return false;
}
/// x of codes, weights, bias, x_scale, weights_scale, [mask], [x_zero], [weights_zero], [past]: the
/// three projections as integers.
inline void qattention_row(emitter& m, call& c) {
  if (!m.arity(c, 5, 9) || !fits_projection(m, c.in[0], c.in[1])) return;
  call projection{c.n, {c.in[0], c.in[1], c.in[3], c.in[4], c.input(6), c.input(7), c.in[2]}};
  matmul_integer_to_float_row(m, projection);
  if (!m.failed()) attend(m, c, projection.out[0], 5, 8);
}
/// The same in float: x, weights, [bias], [mask], [past].
inline void attention_row(emitter& m, call& c) {
  if (!m.arity(c, 2, 5) || !fits_projection(m, c.in[0], c.in[1])) return;
  if (!m.integers(c, "qkv_hidden_sizes").empty()) return m.refuse("qkv_hidden_sizes of Attention");
  const product p = read_product(m, c.in[0], c.in[1]);
  if (m.failed()) return;
  const auto width = as_size(p.out.back(0));
  const bool joins = p.dense && c.has(2) && m.shape(c.in[2]).elements().value == width;
  std::vector<tensor_id> in{p.a, p.dense ? transposed(m, p.b) : p.b};
  if (joins) in.push_back(m.reshaped(m.held(c.in[2], false), {p.out.back(0)}));
  value all =
      value::of(p.dense ? m.made(ops::float_fully_connected, std::move(in), dtype::f32, keep_dims())
                        : m.made(ops::batch_matmul, std::move(in), dtype::f32));
  if (c.has(2) && !joins) all = combined(m, c, ops::add, all, c.in[2]);
  if (!m.failed()) attend(m, c, all, 3, 4);
}
/// What MultiHeadAttention reads: query, key, value, [bias of all three], [mask of keys], [bias of
/// the scores], [past keys, past values].
struct many_heads {
  tensor_id q = no_tensor, k = no_tensor, v = no_tensor;  // [batch, heads, steps or keys, size]
  std::int32_t batch = 0, heads = 0, steps = 0, keys = 0, earlier = 0;
  bool given_in_heads = false;  // keys and values
};
/// Part i of three of the bias, added to x [batch, steps, heads * size]; in heads.
inline tensor_id biased_heads(emitter& m, const call& c, value x, std::size_t i,
                              const many_heads& a) {
  const dims s = m.shape(x);
  if (m.failed() || !m.is_real(x)) return no_tensor;
  if (s.rank != 3 || s[0] != a.batch || s[2] % a.heads != 0) {
    m.refuse("shapes of MultiHeadAttention", to_string(s),
             "query, key and value of three axes and one width");
    return no_tensor;
  }
  if (c.has(3)) {
    const std::int32_t all = m.shape(c.in[3]).back(0), width = m.shape(c.in[0]).back(0);
    const std::int32_t begin = i == 2 ? all - s[2] : static_cast<std::int32_t>(i) * width;
    const tensor_id bias = part_of_axis(m, m.held(c.in[3], false), 0, begin, s[2]);
    if (!m.failed()) x = combined(m, c, ops::add, x, value::of(bias));
    if (m.failed()) return no_tensor;
  }
  const dims split{s[0], s[1], a.heads, s[2] / a.heads};
  return turned(m, m.reshaped(m.held(x, false), split), {0, 2, 1, 3});
}
/// All three, in heads; keys and values may come so.
inline void read_many_heads(emitter& m, const call& c, many_heads& a) {
  const std::int64_t heads = m.integer(c, "num_heads", 0);
  const dims q = m.shape(c.in[0]);
  if (m.failed()) return;
  if (q.rank != 3 || !c.has(1) || !c.has(2))
    return m.refuse("queries, keys and values in one input", to_string(q),
                    "three inputs, as ONNX Runtime's CPU does");
  if (heads < 1 || heads > q[2] || q[2] % heads != 0)
    return m.broken("attribute num_heads", std::to_string(heads), "a divisor of the width");
  a.batch = q[0], a.heads = static_cast<std::int32_t>(heads), a.steps = a.keys = q[1];
  a.q = biased_heads(m, c, c.in[0], 0, a);
  const bool in_heads = a.given_in_heads = m.rank(c.in[1]) == 4;
  if (!m.is_real(c.in[1]) || !m.is_real(c.in[2])) return;
  a.k = in_heads ? m.held(c.in[1], false) : biased_heads(m, c, c.in[1], 1, a);
  a.v = in_heads ? m.held(c.in[2], false) : biased_heads(m, c, c.in[2], 2, a);
  if (in_heads && c.has(3)) m.refuse("a bias beside keys in heads");
}
/// Keys and values of earlier steps stand before them.
inline void extend_many_heads(emitter& m, const call& c, many_heads& a) {
  for (std::size_t i : {8u, 9u})
    if (c.has(i)) m.refuse("input " + std::to_string(i) + " of MultiHeadAttention");
  if (m.failed()) return;
  const dims now = m.tensor_of(a.k).shape;
  const auto extended = [&](tensor_id x, std::size_t i) {
    return c.has(i) ? joined_on(m, {m.held(c.in[i], false), x}, 2) : x;
  };
  a.k = extended(a.k, 6), a.v = extended(a.v, 7);
  if (m.failed()) return;
  const dims q = m.tensor_of(a.q).shape, k = m.tensor_of(a.k).shape, v = m.tensor_of(a.v).shape;
  if (k.rank != 4 || v.rank != 4 || k[0] != a.batch || k[1] != a.heads || k[3] != q[3] ||
      !(v == dims{k[0], k[1], k[2], v[3]}))
    return m.broken("shapes of MultiHeadAttention",
                    to_string(q) + ", " + to_string(k) + ", " + to_string(v),
                    "queries, keys and values that fit");
  a.keys = k[2], a.earlier = k[2] - now[2];
}
/// What is added to the scores: a mask of keys, a bias, the lowest number for later keys.
inline tensor_id added_to_scores(emitter& m, const call& c, const many_heads& a) {
  attention shape;
  shape.batch = a.batch, shape.steps = a.steps, shape.keys = a.keys;
  tensor_id y = no_tensor;
  const auto also = [&](tensor_id x) {
    y = y == no_tensor || x == no_tensor ? (x == no_tensor ? y : x)
                                         : m.made(ops::add, {y, x}, dtype::f32);
  };
  if (c.has(4)) also(mask_to_add(m, c.in[4], shape, m.real(c, "mask_filter_value", -10000.f)));
  if (c.has(5) && m.is_real(c.in[5])) also(m.held(c.in[5], false));
  if (m.integer(c, "unidirectional", 0) == 0 || m.failed()) return y;
  const dims square{a.steps, a.keys};
  if (!m.check(verify_size(square, dtype::f32, m.to.max, "a mask"))) return no_tensor;
  std::vector<float> ahead;
  for (std::int32_t row = 0; row < a.steps; ++row)
    for (std::int32_t column = 0; column < a.keys; ++column)
      ahead.push_back(column > a.earlier + row ? std::numeric_limits<float>::lowest() : 0.f);
  also(m.new_constant("", square, ahead));
  return y;
}
/// Without masks and keys of before ONNX Runtime takes tiles of rows through both products.
inline void multi_head_attention_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 10)) return;
  many_heads a;
  read_many_heads(m, c, a);
  extend_many_heads(m, c, a);
  const tensor_id mask = added_to_scores(m, c, a);
  if (m.failed()) return;
  const bool gives_keys = c.n.out.size() > 1 && !c.n.out[1].empty();
  const bool tiles =
      !a.given_in_heads && !c.has(4) && !c.has(5) && !c.has(6) && !gives_keys && mask == no_tensor;
  const std::int32_t size = m.tensor_of(a.v).shape[3];
  const float scale = scale_of_scores(m, c, m.tensor_of(a.q).shape[3]);
  attributes at;
  at.set("adj_y", std::int64_t{1}), at.set("alpha", static_cast<double>(scale));
  tensor_id y = no_tensor;
  if (tiles) {
    at.set("undivided", std::int64_t{1});
    y = m.made(ops::attention, {a.q, a.k, a.v}, dtype::f32, std::move(at));
  } else {
    tensor_id s = m.made(ops::batch_matmul, {a.q, a.k}, dtype::f32, std::move(at));
    if (mask != no_tensor) s = m.made(ops::add, {s, mask}, dtype::f32);
    y = m.made(ops::batch_matmul, {m.made(ops::softmax, {s}, dtype::f32, along(3)), a.v},
               dtype::f32);
  }
  y = turned(m, y, {0, 2, 1, 3});
  if (m.failed()) return;
  y = m.reshaped(y, dims{a.batch, a.steps, a.heads * size});
  c.out = {value::of(y), value::of(a.k), value::of(a.v)};
}

// ---- attention of ai.onnx ----

/// Queries, keys and values of four axes [batch, heads, steps, size], as they are or from
/// [batch, steps, heads * size].
inline tensor_id in_heads(emitter& m, const call& c, std::size_t i, const char* key) {
  const dims s = m.shape(c.in[i]);
  if (m.failed() || !m.is_real(c.in[i])) return no_tensor;
  const tensor_id x = m.held(c.in[i], false);
  if (s.rank == 4) return x;
  const std::int64_t heads = m.integer(c, key, 0);
  if (s.rank != 3 || heads < 1 || s[2] % heads != 0) {
    m.broken("shape of an attention's input", to_string(s), std::string(key) + " heads");
    return no_tensor;
  }
  const auto count = static_cast<std::int32_t>(heads);
  return turned(m, m.reshaped(x, dims{s[0], s[1], count, s[2] / count}), {0, 2, 1, 3});
}
/// Each head of keys or values as often as queries share it.
inline tensor_id shared_heads(emitter& m, tensor_id x, std::int32_t heads) {
  if (m.failed()) return no_tensor;
  const std::int32_t own = m.tensor_of(x).shape[1];
  if (own == heads) return x;
  std::vector<std::int32_t> which;
  for (std::int32_t i = 0; i < heads; ++i) which.push_back(i / (heads / own));
  const tensor_id y = m.to.like(x), index = m.new_constant("", dims{heads}, which);
  attributes a;
  a.set("axis", std::int64_t{1});
  return m.emit(ops::gather, {x, index}, {y}, std::move(a)) ? y : no_tensor;
}
/// What is added to the scores: floats as they are, the lowest number where bools are false.
inline tensor_id added_mask(emitter& m, const value& v) {
  if (m.failed() || !v.given()) return no_tensor;
  const tensor_id x = m.held(v, false);
  if (m.failed() || m.type(v) == dtype::f32) return x;
  if (m.type(v) != dtype::boolean) {
    m.refuse("element type of an attention's mask", std::string(name_of(m.type(v))),
             "bool, float32");
    return no_tensor;
  }
  return m.made(
      ops::select,
      {x, m.to.scalar_constant(0.f), m.to.scalar_constant(std::numeric_limits<float>::lowest())},
      dtype::f32);
}
/// Attributes and results that have no formula here.
inline void only_plain_attention(emitter& m, const call& c) {
  if (m.real(c, "softcap", 0.f) != 0) m.refuse("softcap of Attention");
  only_float(m, c, "softmax_precision");
  if (c.n.out.size() > 3 && !c.n.out[3].empty()) m.refuse("the scores as a result of Attention");
  if (c.has(6)) m.refuse("lengths of keys and values as an input of Attention");
}
/// Q, K, V, [mask], [past keys], [past values].
inline void onnx_attention_row(emitter& m, call& c) {
  if (!m.arity(c, 3, 7)) return;
  only_plain_attention(m, c);
  attention a;
  a.q = in_heads(m, c, 0, "q_num_heads"), a.k = in_heads(m, c, 1, "kv_num_heads");
  a.v = in_heads(m, c, 2, "kv_num_heads");
  if (m.failed()) return;
  const auto extended = [&](tensor_id now, std::size_t i) {
    return c.has(i) ? joined_on(m, {m.held(c.in[i], false), now}, 2) : now;
  };
  const std::int32_t now = m.tensor_of(a.k).shape[2];
  const tensor_id keys = extended(a.k, 4), values = extended(a.v, 5);
  if (m.failed()) return;
  const dims q = m.tensor_of(a.q).shape, k = m.tensor_of(keys).shape, v = m.tensor_of(values).shape;
  if (k.rank != 4 || v.rank != 4 || k[1] < 1 || q[1] % k[1] != 0 || v[1] != k[1] || v[2] != k[2] ||
      q[3] != k[3] || q[0] != k[0] || q[0] != v[0])
    return m.broken("shapes of Attention", to_string(q) + ", " + to_string(k) + ", " + to_string(v),
                    "queries, keys and values that fit");
  a.batch = q[0], a.heads = q[1], a.steps = q[2], a.size = v[3];
  a.earlier = k[2] - now, a.keys = k[2];
  a.scale = scale_of_scores(m, c, q[3]);
  a.causal = m.integer(c, "is_causal", 0) != 0, a.hidden_is_zero = true;
  a.mask = added_mask(m, c.input(3));
  a.k = shared_heads(m, keys, q[1]), a.v = shared_heads(m, values, q[1]);
  tensor_id y = attended(m, a);
  if (m.failed()) return;
  if (m.rank(c.in[0]) == 4)
    y = turned(m, m.reshaped(y, dims{a.batch, a.steps, a.heads, a.size}), {0, 2, 1, 3});
  c.out = {value::of(y), value::of(keys), value::of(values)};
}

// ---- embeddings ----

/// Rows of a table by number.
inline tensor_id rows_of(emitter& m, tensor_id table, tensor_id index) {
  if (m.failed()) return no_tensor;
  const tensor_id y = m.to.like(table);
  attributes a;
  a.set("axis", std::int64_t{0});
  return m.emit(ops::gather, {table, index}, {y}, std::move(a)) ? y : no_tensor;
}
/// What the operators for embeddings read: ids, [segments], the tables of words, positions and
/// [segments], gamma, beta, [mask].
struct embedding {
  tensor_id words = no_tensor, positions = no_tensor, segments = no_tensor;  // floats, per id
  value gamma, beta;
};
/// Their normalized sum; how many elements of each mask are 1 (without a mask: 0); the sum itself.
inline void embed(emitter& m, call& c, const embedding& e) {
  tensor_id sum = m.made(ops::add, {e.words, e.positions}, dtype::f32);
  if (e.segments != no_tensor) sum = m.made(ops::add, {sum, e.segments}, dtype::f32);
  if (m.failed()) return;
  const row_normalization r{-1, m.real(c, "epsilon", 1e-12f), true, "in_order"};
  const value y = normalized_rows(m, c, value::of(sum), r, e.gamma, e.beta);
  if (m.failed()) return;
  const dims ids = m.shape(c.in[0]);
  tensor_id count = no_tensor;
  if (c.has(7)) {
    if (!(m.shape(c.in[7]) == ids) || m.type(c.in[7]) != dtype::s32)
      return m.broken("mask of an embedding", to_string(m.shape(c.in[7])),
                      "int32 " + to_string(ids));
    const tensor_id one =
        m.made(ops::equal, {m.held(c.in[7], false), m.to.scalar_constant(std::int32_t{1})},
               dtype::boolean);
    attributes last;
    last.set("axes", std::vector<std::int64_t>{1});
    count = m.made(ops::sum, {m.made(ops::cast, {one}, dtype::s32)}, dtype::s32, std::move(last));
  } else {
    count = m.filled(dims{ids[0]}, std::int32_t{0});
  }
  if (!m.failed()) c.out = {y, value::of(count), value::of(sum)};
}
/// Checks ids [batch, steps] and gives the positions 0, 1, ... of one sequence.
inline tensor_id positions_of(emitter& m, const call& c) {
  const dims ids = m.shape(c.in[0]);
  if (m.failed()) return no_tensor;
  if (ids.rank != 2 || (c.has(1) && !(m.shape(c.in[1]) == ids))) {
    m.broken("shape of ids", to_string(ids), "[batch, steps], segments likewise");
    return no_tensor;
  }
  if (m.integer(c, "mask_index_type", 1) != 1) {
    m.refuse("mask_index_type", "0", "1");
    return no_tensor;
  }
  return numbered(m, ids[1]);
}
/// Tables of codes: their scales are inputs 8 to 12, their zero points 13 to 17.
inline void qembed_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 18)) return;
  for (const std::size_t i : {2u, 3u, 5u, 6u})
    if (!c.has(i) || !c.has(i + 6))
      return m.broken("input " + std::to_string(c.has(i) ? i + 6 : i), "absent", "a value");
  if (c.has(1) && (!c.has(4) || !c.has(10))) return m.broken("table of segments", "absent");
  const tensor_id place = positions_of(m, c);
  const auto real = [&](tensor_id codes, std::size_t i) {
    if (m.failed()) return no_tensor;
    const quantization q = m.quantized_by(c.in[i + 6], c.input(i + 11));
    if (m.failed()) return no_tensor;
    return m.made(ops::dequantize, {m.under(value::of(codes), false, q)}, dtype::f32);
  };
  const auto looked_up = [&](std::size_t i, tensor_id index) {
    return m.failed() || !m.is_byte(c.in[i]) ? no_tensor
                                             : real(rows_of(m, m.held(c.in[i], false), index), i);
  };
  embedding e;
  e.words = looked_up(2, m.held(c.in[0], false)), e.positions = looked_up(3, place);
  if (c.has(1)) e.segments = looked_up(4, m.held(c.in[1], false));
  e.gamma = value::of(real(m.held(c.in[5], false), 5));
  e.beta = value::of(real(m.held(c.in[6], false), 6));
  embed(m, c, e);
}
/// Tables of floats; input 8: positions.
inline void embed_row(emitter& m, call& c) {
  if (!m.arity(c, 1, 9)) return;
  for (const std::size_t i : {2u, 3u, 5u, 6u})
    if (!c.has(i)) return m.broken("input " + std::to_string(i), "absent", "a value");
  if (c.has(1) && !c.has(4)) return m.broken("table of segments", "absent");
  const tensor_id place = positions_of(m, c);
  embedding e;
  e.words = rows_of(m, m.held(c.in[2], false), m.held(c.in[0], false));
  e.positions = rows_of(m, m.held(c.in[3], false), c.has(8) ? m.held(c.in[8], false) : place);
  if (c.has(1)) e.segments = rows_of(m, m.held(c.in[4], false), m.held(c.in[1], false));
  e.gamma = c.in[5], e.beta = c.in[6];
  embed(m, c, e);
}

}  // namespace onnx_model::rows
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_ONNX_ROWS_ATTENTION_HPP_
