// What recurrent layers are put together from, where it is not what the law says of an operator.
#ifndef OCTET_LAWS_RECURRENT_HPP_
#define OCTET_LAWS_RECURRENT_HPP_

#include "octet/laws/law.hpp"

OCTET_COLD_NAMESPACE_BEGIN
namespace laws {

/// The exp inside the tanh of ONNX Runtime's RNN is the C library's, not its vector loops'.
constexpr decision exp_of_rnn() { return rounding::none; }

}  // namespace laws
OCTET_NAMESPACE_END

#endif  // OCTET_LAWS_RECURRENT_HPP_
