// The forms of an operator written out: every combination of element types and rounding that it
// takes.
#ifndef OCTET_BENCH_CHOICES_HPP_
#define OCTET_BENCH_CHOICES_HPP_

#include <vector>

#include "octet/ops/op.hpp"

OCTET_NAMESPACE_BEGIN
namespace bench {

/// Element types and rounding that one form gives.
struct choice {
  const op_def* op = nullptr;
  std::vector<dtype> in, out;  // of the operands that the form lists; the last stands for more
  rounding round = rounding::none;
  std::size_t number = 0;  // counts the choices of the operator
  dtype x() const { return in[0]; }
  dtype y() const { return out[0]; }
};

inline std::vector<choice> choices_of(const op_def& op) {
  std::vector<choice> all;
  for (const form& f : op.forms) {
    std::vector<choice> list(1);
    const auto extend = [&](const operand_types& o, std::vector<dtype> choice::*to) {
      std::vector<choice> longer;
      for (const choice& c : list)
        for (const dtype t : enumerators<dtype>)
          if (o.is_like() ? t == c.in[o.like_input()] : o.set().contains(t)) {
            longer.push_back(c);
            (longer.back().*to).push_back(t);
          }
      list = std::move(longer);
    };
    for (const operand_types& o : f.in)
      if (o.given()) extend(o, &choice::in);
    for (const operand_types& o : f.out)
      if (o.given()) extend(o, &choice::out);
    for (const rounding r : enumerators<rounding>)
      if (f.roundings.contains(r))
        for (choice c : list) {
          c.op = &op;
          c.round = r;
          c.number = all.size();
          all.push_back(std::move(c));
        }
  }
  return all;
}

}  // namespace bench
OCTET_NAMESPACE_END

#endif  // OCTET_BENCH_CHOICES_HPP_
