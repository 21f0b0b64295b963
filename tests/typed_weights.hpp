// Weights of the typed tests: defined in typed_weights.cpp, as generated code does it.
#ifndef OCTET_TESTS_TYPED_WEIGHTS_HPP_
#define OCTET_TESTS_TYPED_WEIGHTS_HPP_

#include <cstdint>

namespace typed_test {
extern const std::int8_t w0[16], w1[16 * 9 * 16], w2[256], w3[160], wd[9 * 16];
extern const std::int32_t b0[16], b1[16], b2[16], b3[10];
inline constexpr float s0[16] = {.001f, .002f, .003f, .004f, .005f, .006f, .007f, .008f,
                                 .009f, .010f, .011f, .012f, .013f, .014f, .015f, .016f};
inline constexpr float s1[16] = {.0021f, .0022f, .0023f, .0024f, .0025f, .0026f, .0027f, .0028f,
                                 .0029f, .0030f, .0031f, .0032f, .0033f, .0034f, .0035f, .0036f};
inline constexpr float s2[16] = {.011f, .012f, .013f, .014f, .015f, .016f, .017f, .018f,
                                 .019f, .020f, .021f, .022f, .023f, .024f, .025f, .026f};
}  // namespace typed_test

#endif  // OCTET_TESTS_TYPED_WEIGHTS_HPP_
