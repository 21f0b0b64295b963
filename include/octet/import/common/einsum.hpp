// Einstein sums: from an equation to sums, transpositions and matrix products of two operands.
#ifndef OCTET_IMPORT_COMMON_EINSUM_HPP_
#define OCTET_IMPORT_COMMON_EINSUM_HPP_

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "octet/import/common/error.hpp"

OCTET_NAMESPACE_BEGIN
namespace import {

/// What becomes of an operand before it is multiplied: axes that are summed over and go, then the
/// order of those left, then their extents as matrices [batch, rows, columns].
struct einsum_operand {
  std::vector<std::int64_t> sum, order, matrices;
};
/// The result so far (the first operand in the first step) times the next operand.
struct einsum_product {
  einsum_operand left, right;
  std::vector<std::int64_t> extents;  // of the product, one a label
  std::vector<std::int64_t> order;    // of its axes
};
/// Two axes of an operand that have one label: their diagonal stands in their place, as last axis.
struct einsum_diagonal {
  std::size_t operand;
  std::array<std::int64_t, 2> axes;
};
/// The diagonals, one after another, then: one operand alone is summed and turned; of several, each
/// product takes one more.
struct einsum_plan {
  std::vector<einsum_diagonal> diagonals;
  einsum_operand alone;
  std::vector<einsum_product> products;
};

namespace detail {

struct einsum_labels {
  std::vector<std::string> in;
  std::string out;
};
/// Writes "..." out as the digits of that many axes; whether all labels are such as may be.
inline bool spell_out(std::string& labels, std::size_t dots) {
  const std::size_t at = labels.find("...");
  if (at != std::string::npos) {
    std::string digits;
    for (std::size_t i = dots; i-- > 0;) digits += static_cast<char>('0' + i);
    labels.replace(at, 3, digits);
  }
  return std::all_of(labels.begin(), labels.end(), [](char ch) {
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '7');
  });
}
/// Labels with "..." written out as digits, of the axes counted from the last one.
inline result<einsum_labels> read_einsum(const std::string& equation,
                                         const std::vector<std::vector<std::int64_t>>& shapes) {
  std::string text;
  for (const char ch : equation)
    if (ch != ' ') text += ch;
  const auto refused = [&](const std::string& why) {
    return unsupported("equation of an Einstein sum", text.substr(0, 40), why);
  };
  const std::size_t arrow = text.find("->");
  std::string left = text.substr(0, arrow);
  einsum_labels e;
  for (std::size_t at = 0; at <= left.size();) {
    const std::size_t end = std::min(left.find(',', at), left.size());
    e.in.push_back(left.substr(at, end - at));
    at = end + 1;
  }
  if (e.in.size() != shapes.size()) return refused("as many operands as are given");
  std::size_t most = 0;
  for (std::size_t k = 0; k < e.in.size(); ++k) {
    const bool dotted = e.in[k].find("...") != std::string::npos;
    const std::size_t named = e.in[k].size() - (dotted ? 3 : 0), rank = shapes[k].size();
    if (named > rank || rank - named > 7 || (!dotted && named != rank))
      return invalid("labels of an operand of an Einstein sum", e.in[k].substr(0, 40),
                     std::to_string(rank) + " axes");
    most = std::max(most, rank - named);
    if (!spell_out(e.in[k], rank - named)) return refused("letters, ',', '...' and '->'");
  }
  if (arrow != std::string::npos) {
    e.out = text.substr(arrow + 2);
    if (!spell_out(e.out, most)) return refused("letters, ',', '...' and '->'");
  } else {  // labels that stand once, in the order of the alphabet
    std::map<char, int> count;
    for (const std::string& labels : e.in)
      for (const char ch : labels) ++count[ch];
    bool small = false, large = false;
    for (std::size_t i = most; i-- > 0;) e.out += static_cast<char>('0' + i);
    for (const auto& [ch, n] : count) {
      small |= ch >= 'a', large |= ch >= 'A' && ch <= 'Z';
      if (n == 1 && ch >= 'A') e.out += ch;
    }
    if (small && large) return refused("a written-out result where letters are of both cases");
  }
  std::string sorted = e.out;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    return invalid("result of an Einstein sum", e.out.substr(0, 40));
  return e;
}
inline bool has_label(const std::string& labels, char ch) {
  return labels.find(ch) != std::string::npos;
}
/// Takes the diagonals of labels that stand several times in an operand.
inline status take_diagonals(einsum_labels& e, std::vector<std::vector<std::int64_t>>& shapes,
                             std::vector<einsum_diagonal>& to) {
  for (std::size_t k = 0; k < e.in.size(); ++k)
    for (std::size_t p = 0; p < e.in[k].size();) {
      const char ch = e.in[k][p];
      const std::size_t q = e.in[k].find(ch, p + 1);
      if (q == std::string::npos) {
        ++p;
        continue;
      }
      auto& size = shapes[k];
      if (size[p] != size[q])
        return invalid("extents of one label of an Einstein sum",
                       std::to_string(size[p]) + ", " + std::to_string(size[q]), "the same twice");
      to.push_back({k, {static_cast<std::int64_t>(p), static_cast<std::int64_t>(q)}});
      size.push_back(size[p]);
      e.in[k] += ch;
      for (const std::size_t at : {q, p}) {
        e.in[k].erase(at, 1);
        size.erase(size.begin() + static_cast<std::ptrdiff_t>(at));
      }
    }
  return unit{};
}
/// Sums over what `keep` does not hold; the labels that stay.
inline std::string summed_labels(const std::string& labels, const std::string& keep,
                                 einsum_operand& to) {
  std::string stay;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (has_label(keep, labels[i]))
      stay += labels[i];
    else
      to.sum.push_back(static_cast<std::int64_t>(i));
  return stay;
}
inline std::vector<std::int64_t> places_of(const std::string& labels, const std::string& in) {
  std::vector<std::int64_t> to;
  for (const char ch : labels) to.push_back(static_cast<std::int64_t>(in.find(ch)));
  return to;
}

}  // namespace detail

/// Operands of these extents. An error where the equation is none.
inline result<einsum_plan> plan_einsum(const std::string& equation,
                                       std::vector<std::vector<std::int64_t>> shapes) {
  using detail::has_label;
  auto e = detail::read_einsum(equation, shapes);
  if (!e) return e.error();
  einsum_plan plan;
  if (auto s = detail::take_diagonals(*e, shapes, plan.diagonals); !s) return s.error();
  std::map<char, std::int64_t> extent;
  for (std::size_t k = 0; k < shapes.size(); ++k)
    for (std::size_t i = 0; i < shapes[k].size(); ++i)
      if (const auto [it, fresh] = extent.emplace(e->in[k][i], shapes[k][i]);
          !fresh && it->second != shapes[k][i])
        return unsupported("extents of one label of an Einstein sum",
                           std::to_string(it->second) + ", " + std::to_string(shapes[k][i]),
                           "the same in every operand");
  for (const char ch : e->out)
    if (!extent.contains(ch))
      return invalid("result of an Einstein sum", e->out.substr(0, 40), "labels of the operands");
  if (e->in.size() == 1) {
    const std::string stay = detail::summed_labels(e->in[0], e->out, plan.alone);
    plan.alone.order = detail::places_of(e->out, stay);
    return plan;
  }
  std::string have = e->in[0];
  for (std::size_t k = 1; k < e->in.size(); ++k) {
    einsum_product p;
    std::string later = e->out;
    for (std::size_t i = k + 1; i < e->in.size(); ++i) later += e->in[i];
    const std::string l = detail::summed_labels(have, later + e->in[k], p.left),
                      r = detail::summed_labels(e->in[k], later + have, p.right);
    std::string batch, rows, columns, inner;
    for (const char ch : l) (!has_label(r, ch) ? rows : has_label(later, ch) ? batch : inner) += ch;
    for (const char ch : r)
      if (!has_label(l, ch)) columns += ch;
    const auto arranged = [&](einsum_operand& to, const std::string& from, const std::string& first,
                              const std::string& second) {
      to.order = detail::places_of(batch + first + second, from);
      for (const char ch : batch) to.matrices.push_back(extent[ch]);
      for (const std::string* part : {&first, &second}) {
        std::int64_t n = 1;
        for (const char ch : *part) n *= extent[ch];
        to.matrices.push_back(n);
      }
    };
    arranged(p.left, l, rows, inner);
    arranged(p.right, r, inner, columns);
    have = batch + rows + columns;
    for (const char ch : have) p.extents.push_back(extent[ch]);
    const std::string wanted = k + 1 == e->in.size() ? e->out : have;
    p.order = detail::places_of(wanted, have);
    plan.products.push_back(std::move(p));
  }
  return plan;
}

}  // namespace import
OCTET_NAMESPACE_END

#endif  // OCTET_IMPORT_COMMON_EINSUM_HPP_
