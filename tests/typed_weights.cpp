// Pseudo-random weights with the extreme values among them.
#include "typed_weights.hpp"

namespace {
template <class T, int N> struct table {
  T v[N];
  constexpr table(std::uint32_t state, int spread) : v{} {
    for (T& e : v) {
      state = state * 1664525u + 1013904223u;
      e = static_cast<T>(static_cast<std::int32_t>(state >> 8) % spread - spread / 2);
    }
  }
};
constexpr table<std::int8_t, 16> t0(1, 256);
constexpr table<std::int8_t, 16 * 9 * 16> t1(2, 256);
constexpr table<std::int8_t, 256> t2(3, 256);
constexpr table<std::int8_t, 160> t3(4, 256);
constexpr table<std::int8_t, 9 * 16> td(5, 256);
}  // namespace

namespace typed_test {
#define FILL16(t, i)                                                                           \
  t.v[i], t.v[i + 1], t.v[i + 2], t.v[i + 3], t.v[i + 4], t.v[i + 5], t.v[i + 6], t.v[i + 7],  \
      t.v[i + 8], t.v[i + 9], t.v[i + 10], t.v[i + 11], t.v[i + 12], t.v[i + 13], t.v[i + 14], \
      t.v[i + 15]
#define FILL256(t, i)                                                                       \
  FILL16(t, i), FILL16(t, i + 16), FILL16(t, i + 32), FILL16(t, i + 48), FILL16(t, i + 64), \
      FILL16(t, i + 80), FILL16(t, i + 96), FILL16(t, i + 112), FILL16(t, i + 128),         \
      FILL16(t, i + 144), FILL16(t, i + 160), FILL16(t, i + 176), FILL16(t, i + 192),       \
      FILL16(t, i + 208), FILL16(t, i + 224), FILL16(t, i + 240)
extern const std::int8_t w0[16] = {FILL16(t0, 0)};
extern const std::int8_t w1[16 * 9 * 16] = {
    FILL256(t1, 0),    FILL256(t1, 256),  FILL256(t1, 512),  FILL256(t1, 768), FILL256(t1, 1024),
    FILL256(t1, 1280), FILL256(t1, 1536), FILL256(t1, 1792), FILL256(t1, 2048)};
extern const std::int8_t w2[256] = {FILL256(t2, 0)};
extern const std::int8_t w3[160] = {
    FILL16(t3, 0),  FILL16(t3, 16), FILL16(t3, 32),  FILL16(t3, 48),  FILL16(t3, 64),
    FILL16(t3, 80), FILL16(t3, 96), FILL16(t3, 112), FILL16(t3, 128), FILL16(t3, 144)};
extern const std::int8_t wd[9 * 16] = {FILL16(td, 0),  FILL16(td, 16),  FILL16(td, 32),
                                       FILL16(td, 48), FILL16(td, 64),  FILL16(td, 80),
                                       FILL16(td, 96), FILL16(td, 112), FILL16(td, 128)};
extern const std::int32_t b0[16] = {-100, 200, -3000, 4000,  5,  -6, 7000, 8,
                                    -9,   10,  1100,  -1200, 13, 14, -15,  16};
extern const std::int32_t b1[16] = {9,   -20, 30,  -40,  500, -60, 70,   80,
                                    -90, 100, 110, -120, 130, 140, -150, 160};
extern const std::int32_t b2[16] = {1, -2, 3, 4, 5, -6, 7, 8, -9, 10, 11, -12, 13, 14, -15, 16};
extern const std::int32_t b3[10] = {100, -200, 300, 0, 1, 2, 3, 4, 5, -6};
}  // namespace typed_test
