// Every primitive of kernels/simd and every vector rounding of kernels/requantize-inl.hpp, by
// itself, on every target that this CPU can run, against its scalar definition.
#define OCTET_TEST_PASS "simd_pass-inl.hpp"
#include "simd_primitives.hpp"
// The passes, with kernels/epilogue-inl.hpp; after what simd_pass-inl.hpp needs.
#include "octet/kernels/depthwise_rows.hpp"
#include "octet/kernels/gemm_rows.hpp"
#include "octet/ops/batch_matmul.hpp"
#include "octet/ops/conv2d.hpp"
#include "octet/ops/fully_connected.hpp"
#include "octet/ops/transpose_conv2d.hpp"
#define OCTET_WANTS_CONVOLUTIONS
#include "octet/kernels/targets.hpp"
//
#include <algorithm>
#include <array>
#include <bit>
#include <catch2/catch.hpp>
#include <limits>

#include "kernels_test.hpp"
#include "octet/kernels/detect.hpp"
#include "octet/numerics/fp_env.hpp"

using namespace octet;
using namespace octet_test;

namespace {

struct row {
  target on;
  simd_primitives p;
};
/// Those that are tested here.
const std::vector<row>& targets() {
  static const std::vector<row> all = [] {
    // table() itself is code for its target.
    const std::pair<target, simd_primitives (*)()> compiled[] = {
#if OCTET_HAS_EMU128
      {target::emu128, simd_emu128::primitives_of_target::table},
#endif
#if OCTET_HAS_SSE4
      {target::sse4, simd_sse4::primitives_of_target::table},
#endif
#if OCTET_HAS_AVX2
      {target::avx2, simd_avx2::primitives_of_target::table},
#endif
#if OCTET_HAS_AVX2_VNNI_EMULATED
      {target::avx2_vnni_emulated, simd_avx2_vnni_emulated::primitives_of_target::table},
#endif
#if OCTET_HAS_AVX2_VNNI
      {target::avx2_vnni, simd_avx2_vnni::primitives_of_target::table},
#endif
#if OCTET_HAS_AVX3
      {target::avx3, simd_avx3::primitives_of_target::table},
      {target::avx3_vnni, simd_avx3_vnni::primitives_of_target::table},
#endif
#if OCTET_HAS_NEON
      {target::neon, simd_neon::primitives_of_target::table},
#endif
#if OCTET_HAS_NEON_DOTPROD
      {target::neon_dotprod, simd_neon_dotprod::primitives_of_target::table},
#endif
    };
    std::vector<row> can;
    std::vector<target> usable;
    for (const auto& [on, table] : compiled)
      if (kernels::cpu() & kernels::bit_of(on)) usable.push_back(on);
    for (const target asked : asked_for(usable))
      for (const auto& [on, table] : compiled)
        if (on == asked) can.push_back({on, table()});
    return can;
  }();
  return all;
}

/// Runs `check(primitives)` on every target; counts them, as check_kernel does.
template <class Check> void on_every_target(Check check) {
  coverage seen;
  for (const row& r : targets()) {
    INFO("target " << name_of(r.on));
    check(r.p);
    ++seen.ran[r.on];
  }
  std::vector<target> tested;
  for (const row& r : targets()) tested.push_back(r.on);
  seen.require_simd(tested);
}

template <class T> using values = std::vector<T>;

/// Edge values of T, then random ones, until there are n.
template <class T> values<T> mixed(std::size_t n, rng& r) {
  constexpr std::int64_t lo = std::numeric_limits<T>::min(), hi = std::numeric_limits<T>::max();
  values<T> v;
  for (const std::int64_t e :
       {lo, lo + 1, lo / 2, lo / 2 - 1, std::int64_t{-2}, std::int64_t{-1}, std::int64_t{0},
        std::int64_t{1}, std::int64_t{2}, hi / 2, hi / 2 + 1, hi - 1, hi})
    if (e >= lo && e <= hi) v.push_back(static_cast<T>(e));
  while (v.size() < n) v.push_back(static_cast<T>(r.between(lo, hi)));
  while (v.size() > n) v.pop_back();
  return v;
}
/// All pairs of edge values of T stand at one place of two vectors of `lanes` each.
template <class T> std::array<values<T>, 2> pairs(std::size_t lanes, rng& r) {
  const values<T> edge = mixed<T>(24, r);
  std::array<values<T>, 2> v;
  for (const T a : edge)
    for (const T b : edge) {
      v[0].push_back(a);
      v[1].push_back(b);
    }
  while (v[0].size() % lanes != 0)
    for (auto& of : v) of.push_back(static_cast<T>(r.between(-128, 127)));
  return v;
}

/// Floats whose rounding tells formulas apart: halves, their neighbours, large and tiny ones.
values<float> hard_floats(rng& r) {
  values<float> v = {0.f,     -0.f,     0x1p-149f,    -0x1p-149f,    0x1p23f,  -0x1p23f,
                     0x1p24f, -0x1p24f, 2147483520.f, -2147483648.f, 8388609.f};
  for (int i = 0; i < 40; ++i) {
    const auto half = static_cast<float>(i) + 0.5f;
    for (const float f : {half, std::nextafter(half, 0.f), std::nextafter(half, 1e9f)}) {
      v.push_back(f);
      v.push_back(-f);
    }
  }
  for (int i = 0; i < 400; ++i)
    v.push_back(
        static_cast<float>(std::ldexp(r.unit() - 0.5, static_cast<int>(r.between(-3, 30)))));
  while (v.size() % 16 != 0) v.push_back(1.f);
  return v;
}

}  // namespace

TEST_CASE("simd: partial loads and stores touch nothing else") {
  rng r(1);
  on_every_target([&](const simd_primitives& p) {
    const auto lanes = static_cast<std::size_t>(p.layout.lanes), bytes = 4 * lanes;
    const values<std::uint8_t> source = mixed<std::uint8_t>(bytes, r);
    for (std::size_t n = 0; n <= bytes; ++n) {
      const guarded from(n);
      std::memcpy(from.data(), source.data(), n);
      values<std::byte> to(bytes);
      p.load_bytes(from.data(), n, to.data());
      REQUIRE(std::memcmp(to.data(), source.data(), n) == 0);
      p.load_some[0](from.data(), n, to.data());
      REQUIRE(std::memcmp(to.data(), source.data(), n) == 0);
      for (std::size_t i = n; i < bytes; ++i) REQUIRE(to[i] == std::byte{0});
    }
    const auto* all = reinterpret_cast<const std::byte*>(source.data());
    for (std::size_t nv = 1; nv <= 4; ++nv)
      for (std::size_t n = 0; n <= nv * lanes; ++n) {
        const guarded to(n);
        p.store_bytes[nv - 1](all, static_cast<int>(n), to.data());
        REQUIRE(std::memcmp(to.data(), source.data(), n) == 0);
      }
    for (std::size_t log_size = 0; log_size < 3; ++log_size)
      for (std::size_t n = 0; n <= bytes >> log_size; ++n) {
        const std::size_t used = n << log_size;
        const guarded from(used), to(used);
        std::memcpy(from.data(), source.data(), used);
        values<std::byte> whole(bytes);
        p.load_some[log_size](from.data(), n, whole.data());
        REQUIRE(std::memcmp(whole.data(), source.data(), used) == 0);
        for (std::size_t i = used; i < bytes; ++i) REQUIRE(whole[i] == std::byte{0});
        p.store_some[log_size](all, n, to.data());
        REQUIRE(std::memcmp(to.data(), source.data(), used) == 0);
      }
  });
}

TEST_CASE("simd: widening loads and narrowing stores") {
  rng r(2);
  on_every_target([&](const simd_primitives& p) {
    const auto lanes = static_cast<std::size_t>(p.layout.lanes);
    for (const dtype t : {dtype::u8, dtype::s8, dtype::s16, dtype::s32}) {
      const std::size_t size = size_of(t);
      const values<std::uint8_t> source = mixed<std::uint8_t>(lanes * 4, r);
      const auto expected = [&](std::size_t i) -> std::int32_t {
        std::int32_t v = 0;
        std::memcpy(&v, source.data() + i * size, size);
        if (t == dtype::s8) return static_cast<std::int8_t>(v);
        if (t == dtype::s16) return static_cast<std::int16_t>(v);
        return v;
      };
      for (std::size_t n = 0; n <= lanes; ++n) {
        const guarded from(n * size), to(n * size);
        std::memcpy(from.data(), source.data(), n * size);
        values<std::int32_t> wide(lanes);
        if (n == lanes) {
          p.load_as32(t, from.data(), wide.data());
          for (std::size_t i = 0; i < lanes; ++i) REQUIRE(wide[i] == expected(i));
          p.store_from32(t, wide.data(), to.data());
          REQUIRE(std::memcmp(to.data(), source.data(), n * size) == 0);
        }
        p.load_some_as32(t, from.data(), n, wide.data());
        for (std::size_t i = 0; i < lanes; ++i) REQUIRE(wide[i] == (i < n ? expected(i) : 0));
        std::memset(to.data(), 0, n * size);
        p.store_some_from32(t, wide.data(), n, to.data());
        REQUIRE(std::memcmp(to.data(), source.data(), n * size) == 0);
      }
      for (std::size_t n = 0; n <= 2 * lanes && t != dtype::s32; ++n) {
        const guarded from(n * size);
        std::memcpy(from.data(), source.data(), n * size);
        values<std::int16_t> wide(2 * lanes);
        (t == dtype::u8   ? p.load_some_as16_u8
         : t == dtype::s8 ? p.load_some_as16_s8
                          : p.load_some_as16_s16)(from.data(), n, wide.data());
        for (std::size_t i = 0; i < 2 * lanes; ++i) REQUIRE(wide[i] == (i < n ? expected(i) : 0));
      }
    }
  });
}

TEST_CASE("simd: dot products, exact modulo 2^32") {
  rng r(3);
  on_every_target([&](const simd_primitives& p) {
    const auto lanes = static_cast<std::size_t>(p.layout.lanes);
    const auto sum = [](std::int64_t acc, std::int64_t products) {
      return static_cast<std::int32_t>(static_cast<std::uint32_t>(acc + products));
    };
    // Where lane i's pair lies among 2 * lanes int16.
    const auto at = [&](std::size_t i, std::size_t j) {
      return p.layout.split_pairs ? j * lanes + i : 2 * i + j;
    };
    const auto words = pairs<std::int16_t>(4 * lanes, r);
    for (std::size_t k = 0; k + 4 * lanes <= words[0].size(); k += 2 * lanes) {
      const values<std::int32_t> acc = mixed<std::int32_t>(2 * lanes, r);
      values<std::int32_t> y(2 * lanes);
      const std::int16_t *x = words[0].data() + k, *w = words[1].data() + k;
      p.dot_pairs(acc.data(), reinterpret_cast<const std::byte*>(x), w, y.data());
      for (std::size_t i = 0; i < lanes; ++i)
        REQUIRE(y[i] ==
                sum(acc[i], std::int64_t{x[0]} * w[at(i, 0)] + std::int64_t{x[1]} * w[at(i, 1)]));
      // Element i of two rows: which lane it lands in is channel_in_panel's business.
      const std::int16_t *a = x, *b = w, *c = w + 2 * lanes, *d = x + 2 * lanes;
      p.dot_pairs_each(acc.data(), a, b, c, d, y.data());
      for (std::size_t v = 0; v < 2; ++v)
        for (std::size_t i = 0; i < lanes; ++i) {
          const auto e = static_cast<std::size_t>(kernels::channel_in_panel(
              2, static_cast<std::int32_t>(v), static_cast<std::int32_t>(i)));
          REQUIRE(y[v * lanes + i] ==
                  sum(acc[v * lanes + i], std::int64_t{a[e]} * c[e] + std::int64_t{b[e]} * d[e]));
        }
    }
    const auto bytes = pairs<std::int8_t>(4 * lanes, r);
    for (std::size_t k = 0; k < bytes[0].size(); k += 4 * lanes) {
      const values<std::int32_t> acc = mixed<std::int32_t>(lanes, r);
      values<std::int32_t> y(lanes);
      const std::int8_t *x = bytes[0].data() + k, *w = bytes[1].data() + k;
      p.dot_quads(acc.data(), reinterpret_cast<const std::byte*>(x), w, y.data());
      for (std::size_t i = 0; i < lanes; ++i) {
        std::int64_t products = 0;
        for (std::size_t j = 4 * i; j < 4 * i + 4; ++j)
          products += (p.layout.quad == 2 ? x[j] : static_cast<std::uint8_t>(x[j])) * w[j];
        REQUIRE(y[i] == sum(acc[i], products));
      }
    }
  });
}

TEST_CASE("simd: four rows side by side") {
  rng r(4);
  on_every_target([&](const simd_primitives& p) {
    const auto lanes = static_cast<std::size_t>(p.layout.lanes);
    const values<std::uint8_t> x = mixed<std::uint8_t>(16 * lanes, r);
    const auto* from = reinterpret_cast<const std::byte*>(x.data());
    alignas(64) std::byte y[256];
    p.store_quads(from, from + 4 * lanes, from + 8 * lanes, from + 12 * lanes, y);
    for (std::size_t v = 0; v < 4; ++v)
      for (std::size_t i = 0; i < lanes; ++i)
        for (std::size_t j = 0; j < 4; ++j) {
          const auto e = static_cast<std::size_t>(kernels::channel_in_panel(
              4, static_cast<std::int32_t>(v), static_cast<std::int32_t>(i)));
          REQUIRE(y[(v * lanes + i) * 4 + j] == from[j * 4 * lanes + e]);
        }
  });
}

TEST_CASE("simd: narrowing saturates twice, in channel order") {
  rng r(5);
  on_every_target([&](const simd_primitives& p) {
    const auto lanes = static_cast<std::size_t>(p.layout.lanes);
    const auto saturate = [](std::int64_t v, std::int64_t lo, std::int64_t hi) {
      return v < lo ? lo : v > hi ? hi : v;
    };
    for (int nv = 1; nv <= 4; ++nv)
      for (const std::int16_t z : mixed<std::int16_t>(20, r)) {
        const auto count = static_cast<std::size_t>(nv) * lanes;
        values<std::int32_t> x(count);
        for (std::int32_t& v : x)
          v = static_cast<std::int32_t>(
              r.pick({INT32_MIN, INT32_MAX, -32769, 32768, r.between(-32768, 32767),
                      r.between(-300, 300) - z, r.between(INT32_MIN, INT32_MAX)}));
        values<std::int8_t> y(4 * lanes);
        p.narrow[nv - 1](x.data(), z, y.data());
        for (int v = 0; v < nv; ++v)
          for (std::size_t i = 0; i < lanes; ++i) {
            const std::int64_t a =
                saturate(saturate(x[static_cast<std::size_t>(v) * lanes + i], -32768, 32767) + z,
                         -32768, 32767);
            const auto c = static_cast<std::size_t>(
                kernels::channel_in_panel(nv, v, static_cast<std::int32_t>(i)));
            REQUIRE(y[c] == saturate(a, -128, 127));
          }
        if (nv != 4) continue;
        const values<std::int8_t> channels = y;
        p.narrow_ordered(x.data(), z, y.data());
        for (int v = 0; v < 4; ++v)
          for (std::size_t i = 0; i < lanes; ++i)
            REQUIRE(y[static_cast<std::size_t>(v) * lanes + i] ==
                    channels[static_cast<std::size_t>(
                        kernels::channel_in_panel(4, v, static_cast<std::int32_t>(i)))]);
      }
  });
}

TEST_CASE("simd: high parts of products") {
  rng r(6);
  on_every_target([&](const simd_primitives& p) {
    const auto lanes = static_cast<std::size_t>(p.layout.lanes);
    auto v = pairs<std::int32_t>(lanes, r);
    for (std::size_t i = 0; i < v[0].size(); ++i)
      if (v[0][i] == INT32_MIN && v[1][i] == INT32_MIN) v[1][i] = INT32_MAX;
    values<std::int32_t> y(lanes);
    for (std::size_t k = 0; k < v[0].size(); k += lanes) {
      p.doubling_high(v[0].data() + k, v[1].data() + k, y.data());
      for (std::size_t i = 0; i < lanes; ++i)
        REQUIRE(y[i] == numerics::doubling_high_multiply(v[0][k + i], v[1][k + i]));
    }
    values<std::uint64_t> even(lanes / 2), odd(lanes / 2);
    for (std::size_t i = 0; i < lanes / 2; ++i) {
      even[i] = static_cast<std::uint64_t>(r.between(0, INT64_MAX - 1)) << 1;
      odd[i] = static_cast<std::uint64_t>(r.between(0, INT64_MAX - 1)) << 1 | 1;
    }
    p.high_halves(even.data(), odd.data(), y.data());
    for (std::size_t i = 0; i < lanes; ++i)
      REQUIRE(y[i] == static_cast<std::int32_t>((i % 2 == 0 ? even : odd)[i / 2] >> 32));
  });
}

TEST_CASE("simd: tables of 256 bytes, sums and extremes over lanes") {
  rng r(7);
  on_every_target([&](const simd_primitives& p) {
    const auto lanes = static_cast<std::size_t>(p.layout.lanes);
    const guarded table(256);
    for (std::size_t i = 0; i < 256; ++i)
      table.data()[i] = static_cast<std::byte>(r.between(0, 255));
    values<std::uint8_t> x(256), y(4 * lanes);
    for (std::size_t i = 0; i < 256; ++i) x[i] = static_cast<std::uint8_t>(i);
    for (std::size_t k = 0; k < 256; k += 4 * lanes) {
      p.look_up(table.as<std::uint8_t>(), x.data() + k, y.data());
      REQUIRE(std::memcmp(y.data(), table.data() + k, 4 * lanes) == 0);
    }
    for (std::size_t n = 0; n <= 256; n += 1 + n / 9) {
      const guarded some(n), to(n);
      for (std::size_t i = 0; i < n; ++i) some.data()[i] = static_cast<std::byte>(i);
      const std::size_t done = p.permute_bytes(table.as<std::uint8_t>(), some.as<std::uint8_t>(),
                                               reinterpret_cast<std::uint8_t*>(to.data()), n);
      REQUIRE((done == 0 || done == n));
      REQUIRE(std::memcmp(to.data(), table.data(), done) == 0);
    }
    for (int round = 0; round < 50; ++round) {
      values<std::int32_t> words = mixed<std::int32_t>(lanes, r);
      std::shuffle(words.begin(), words.end(), std::mt19937(static_cast<unsigned>(round)));
      std::uint32_t sum = 0;
      for (const std::int32_t w : words) sum += static_cast<std::uint32_t>(w);
      REQUIRE(p.sum_of_lanes(words.data()) == static_cast<std::int32_t>(sum));
      const auto random = [&]<class T>(T, std::size_t n) {
        values<T> v(n);
        for (T& e : v)
          e = static_cast<T>(
              r.between(std::numeric_limits<T>::min(), std::numeric_limits<T>::max()));
        return v;
      };
      const auto u = random(std::uint8_t{}, 4 * lanes);
      const auto s = random(std::int8_t{}, 4 * lanes);
      const auto w = random(std::int16_t{}, 2 * lanes);
      REQUIRE(p.largest_u8(u.data()) == *std::max_element(u.begin(), u.end()));
      REQUIRE(p.smallest_s8(s.data()) == *std::min_element(s.begin(), s.end()));
      REQUIRE(p.largest_s16(w.data()) == *std::max_element(w.begin(), w.end()));
    }
  });
}

namespace {

/// The same by definition: element i of n goes to sum i % N by `add`.
template <class T, std::size_t N, class Add>
std::array<T, N> sums_by_definition(const float* x, std::size_t n, Add add) {
  std::array<T, N> sums{};
  for (std::size_t i = 0; i < n; ++i) sums[i % N] = add(sums[i % N], static_cast<T>(x[i]));
  return sums;
}
template <class T, std::size_t N> void require_same(const T (&y)[N], const std::array<T, N>& z) {
  REQUIRE(std::memcmp(y, z.data(), sizeof(y)) == 0);
}

}  // namespace

TEST_CASE("simd: sums side by side, in the order of their elements") {
  rng r(14);
  values<float> source(100);
  for (float& f : source) {
    const auto e = static_cast<int>(r.between(-20, 20));
    f = static_cast<float>(std::ldexp(r.unit() - 0.5, e));
  }
  on_every_target([&](const simd_primitives& p) {
    for (std::size_t n = 0; n <= source.size(); ++n) {
      const guarded from(n * sizeof(float));
      std::memcpy(from.data(), source.data(), n * sizeof(float));
      const auto* x = from.as<float>();
      float eight[8], sixteen[16];
      double wide[8];
      const auto add = [](auto sum, auto v) { return numerics::add(sum, v); };
      p.sums_of_8(x, n, eight);
      require_same(eight, sums_by_definition<float, 8>(x, n, add));
      p.sums_of_16(x, n, sixteen);
      require_same(sixteen, sums_by_definition<float, 16>(x, n, add));
      const std::size_t whole = n / 8 * 8;
      REQUIRE(p.wide_sums_of_8(x, n, wide) == whole);
      require_same(wide, sums_by_definition<double, 8>(x, whole, add));
      REQUIRE(p.fused_sums_of_8(x, n, eight) == whole);
      require_same(eight, sums_by_definition<float, 8>(x, whole, [](float sum, float v) {
                     return numerics::fma(v, v, sum);
                   }));
    }
  });
}

TEST_CASE("simd: sums of sixteens of what is made of elements, as softmax adds them up") {
  rng r(15);
  values<float> source(100);
  for (float& f : source)
    f = static_cast<float>(std::ldexp(r.unit() - 0.5, static_cast<int>(r.between(-9, 9))));
  on_every_target([&](const simd_primitives& p) {
    for (std::size_t n = 0; n <= source.size(); ++n) {
      const std::size_t whole = n / 16 * 16;
      const guarded from(n * sizeof(float)), to(n * sizeof(float));
      std::memcpy(from.data(), source.data(), n * sizeof(float));
      float sum = -1, expected[16] = {};
      REQUIRE(p.squares_summed_by_16(from.as<float>(), to.as<float>(), n, sum) == whole);
      for (std::size_t i = 0; i < whole; ++i) {
        const float square = numerics::mul(source[i], source[i]);
        REQUIRE(to.as<float>()[i] == square);
        expected[i % 16] = numerics::add(expected[i % 16], square);
      }
      REQUIRE(sum == numerics::sum_of_softmax_lanes(expected));
    }
  });
}

TEST_CASE("simd: the lesser and the greater of two floats, the second where one is NaN") {
  // Programs built with -ffast-math start with denormals as zeros.
  const numerics::exact_environment environment;
  rng r(9);
  values<float> hard = hard_floats(r);
  hard.push_back(std::numeric_limits<float>::quiet_NaN());
  while (hard.size() % 17 != 0) hard.push_back(-0.f);
  on_every_target([&](const simd_primitives& p) {
    const auto lanes = static_cast<std::size_t>(p.layout.lanes);
    values<float> a(lanes), b(lanes), least(lanes), most(lanes);
    for (std::size_t k = 0; k < hard.size(); ++k) {
      for (std::size_t i = 0; i < lanes; ++i) {
        a[i] = hard[(k + i) % hard.size()];
        b[i] = hard[(7 * k + 3 * i) % hard.size()];
      }
      p.lesser(a.data(), b.data(), least.data());
      p.greater(a.data(), b.data(), most.data());
      for (std::size_t i = 0; i < lanes; ++i) {
        // Integers are chosen, so that -ffast-math has no minimum to make of it.
        const auto first = std::bit_cast<std::uint32_t>(a[i]),
                   second = std::bit_cast<std::uint32_t>(b[i]);
        const bool both = !numerics::is_nan(a[i]) && !numerics::is_nan(b[i]);
        REQUIRE(std::bit_cast<std::uint32_t>(least[i]) == (both && a[i] < b[i] ? first : second));
        REQUIRE(std::bit_cast<std::uint32_t>(most[i]) == (both && a[i] > b[i] ? first : second));
      }
    }
  });
}

TEST_CASE("simd: float operations round once, ties to even") {
  rng r(8);
  const values<float> hard = hard_floats(r);
  on_every_target([&](const simd_primitives& p) {
    const auto lanes = static_cast<std::size_t>(p.layout.lanes);
    values<std::int32_t> y(lanes);
    values<float> z(lanes);
    for (std::size_t k = 0; k < hard.size(); k += lanes) {
      const float* x = hard.data() + k;
      p.round_even(x, y.data());
      for (std::size_t i = 0; i < lanes; ++i)
        REQUIRE(y[i] == static_cast<std::int32_t>(numerics::rint(x[i])));
      const float *a = hard.data() + (k + 3 * lanes) % hard.size(),
                  *b = hard.data() + (k + 7 * lanes) % hard.size();
      p.multiply_add(x, a, b, z.data());
      for (std::size_t i = 0; i < lanes; ++i)
        REQUIRE(std::bit_cast<std::uint32_t>(z[i]) ==
                std::bit_cast<std::uint32_t>(numerics::add(numerics::mul(x[i], a[i]), b[i])));
      p.divide(x, a, z.data());
      for (std::size_t i = 0; i < lanes; ++i)
        if (a[i] != 0.f)
          REQUIRE(std::bit_cast<std::uint32_t>(z[i]) ==
                  std::bit_cast<std::uint32_t>(numerics::div(x[i], a[i])));
      // One divisor for all, which compilers would rather make a factor of.
      const values<double> wide_x(x, x + lanes / 2), one(lanes / 2, 49.);
      values<double> quotients(lanes / 2);
      p.divide_wide(wide_x.data(), one.data(), quotients.data());
      for (std::size_t i = 0; i < quotients.size(); ++i)
        REQUIRE(std::bit_cast<std::uint64_t>(quotients[i]) ==
                std::bit_cast<std::uint64_t>(numerics::div(wide_x[i], 49.)));
    }
    values<double> wide;
    for (const float h : hard)
      for (const double by : {1., 1 + 0x1p-24, 1 - 0x1p-25, 0x1p-130, 1e300})
        wide.push_back(static_cast<double>(h) * by);
    constexpr double infinite = std::numeric_limits<double>::infinity();
    for (const double d : {infinite, -infinite, std::numeric_limits<double>::quiet_NaN(), -0.,
                           0x1.fffffefp127, 0x1.ffffffp127, -0x1.ffffffp127, 5e-324})
      wide.push_back(d);
    while (wide.size() % lanes != 0) wide.push_back(1);
    for (std::size_t k = 0; k < wide.size(); k += lanes) {
      p.to_floats(wide.data() + k, z.data());
      for (std::size_t i = 0; i < lanes; ++i)
        REQUIRE(std::bit_cast<std::uint32_t>(z[i]) ==
                std::bit_cast<std::uint32_t>(static_cast<float>(wide[k + i])));
    }
    // Below what int32 holds: its smallest value, which saturates to the right end.
    const values<float> low(lanes, -3e9f);
    p.round_even(low.data(), y.data());
    for (const std::int32_t v : y) REQUIRE(v == INT32_MIN);
  });
}

TEST_CASE("simd: rounding shifts") {
  rng r(9);
  on_every_target([&](const simd_primitives& p) {
    const auto lanes = static_cast<std::size_t>(p.layout.lanes);
    values<std::int32_t> x = mixed<std::int32_t>(64, r), y(lanes);
    for (int s = 1; s <= 31; ++s)  // halves and their neighbours
      for (const std::int64_t k : {-3, -2, -1, 1, 2, 3})
        for (const std::int64_t d : {-1, 0, 1})
          x.push_back(static_cast<std::int32_t>(std::clamp<std::int64_t>(
              k * (std::int64_t{1} << (s - 1)) + d, INT32_MIN, INT32_MAX)));
    while (x.size() % lanes != 0) x.push_back(5);
    for (int shift = 1; shift <= 31; ++shift)
      for (std::size_t k = 0; k < x.size(); k += lanes) {
        values<std::int32_t> inside(lanes);  // the ends are outside the domain
        for (std::size_t i = 0; i < lanes; ++i)
          inside[i] = std::clamp(x[k + i], INT32_MIN + 1, INT32_MAX - 1);
        p.shift_up(inside.data(), shift - 1, y.data());
        for (std::size_t i = 0; i < lanes; ++i)
          REQUIRE(y[i] == numerics::rounding_shift_half_up(inside[i], shift));
        p.shift_away(inside.data(), shift - 1, y.data());
        for (std::size_t i = 0; i < lanes; ++i)
          REQUIRE(y[i] == numerics::rounding_shift_half_away(inside[i], shift));
        const std::int32_t half = shift < 31 ? 1 << (shift - 1) : 0;
        for (std::size_t i = 0; i < lanes; ++i) inside[i] /= 2;
        p.shift_magnitude(inside.data(), half, shift, y.data());
        for (std::size_t i = 0; i < lanes; ++i) {
          const std::int64_t size = (std::abs(std::int64_t{inside[i]}) + half) >> shift;
          REQUIRE(y[i] == (inside[i] < 0 ? -size : size));
        }
      }
  });
}

TEST_CASE("simd: requantizing with one multiplier") {
  rng r(10);
  on_every_target([&](const simd_primitives& p) {
    const auto lanes = static_cast<std::size_t>(p.layout.lanes);
    std::size_t ran = 0;
    for (int round = 0; round < 400; ++round)
      for (const rounding mode :
           {rounding::doubling_high_half_away, rounding::doubling_high_half_up,
            rounding::float_half_even, rounding::float_zero_point_half_even,
            rounding::eight_bit_ratio_half_up}) {
        const dtype out = r.between(0, 1) ? dtype::s8 : r.between(0, 1) ? dtype::u8 : dtype::s16;
        requantize_params q;
        requantize_arrays arrays;
        do {
          arrays = {};
          arrays.fill(q, mode, out, 1, 1e6, false, r);
        } while (q.channels != 1);
        const auto eighths = numerics::q8_multiplier(static_cast<float>(r.unit() * 4));
        if (mode == rounding::eight_bit_ratio_half_up) q.mult = &eighths;
        REQUIRE(p.uniform_accepts(q, dtype::s8, out));
        CHECK(p.uniform_accepts(q, dtype::s32, out) == (mode != rounding::eight_bit_ratio_half_up));
        CHECK(!p.uniform_accepts(q, dtype::s8, dtype::s32));
        // Q8 takes differences of bytes; a left shift may not overflow.
        const std::int32_t most = mode == rounding::eight_bit_ratio_half_up ? 255 : 1 << 25;
        values<std::int32_t> x(lanes), y(lanes);
        for (std::int32_t& v : x)
          v = static_cast<std::int32_t>(
              r.pick({-most, most, 0, r.between(-most, most), r.between(-300, 300)}));
        p.uniform(q, x.data(), y.data());
        INFO(name_of(mode) << " to " << name_of(out));
        for (std::size_t i = 0; i < lanes; ++i) REQUIRE(y[i] == numerics::requantize(q, x[i], 0));
        ++ran;
      }
    CHECK(ran == 2000);
  });
}

TEST_CASE("simd: floats cut to whole bounds, ties three ways") {
  rng r(11);
  values<float> x = hard_floats(r);
  for (const float f : {std::numeric_limits<float>::infinity(),
                        -std::numeric_limits<float>::infinity(), 3e38f, -3e38f})
    x.push_back(f);
  while (x.size() % 16 != 0) x.push_back(-0.5f);
  on_every_target([&](const simd_primitives& p) {
    const auto lanes = static_cast<std::size_t>(p.layout.lanes);
    values<std::int32_t> y(lanes);
    for (const auto& bounds : {std::pair{-128.f, 127.f}, {0.f, 255.f}, {-65535.f, 65535.f}})
      for (std::size_t k = 0; k < x.size(); k += lanes) {
        const float lo = bounds.first, hi = bounds.second;
        const auto cut = [&](float v) { return v < lo ? lo : v > hi ? hi : v; };
        p.even_within(x.data() + k, lo, hi, y.data());
        for (std::size_t i = 0; i < lanes; ++i)
          REQUIRE(y[i] == static_cast<std::int32_t>(numerics::rint(cut(x[k + i]))));
        p.away_within(x.data() + k, lo, hi, y.data());
        for (std::size_t i = 0; i < lanes; ++i)
          REQUIRE(y[i] == static_cast<std::int32_t>(
                              numerics::round_half_away(static_cast<double>(cut(x[k + i])))));
        p.up_within(x.data() + k, lo, hi, y.data());
        for (std::size_t i = 0; i < lanes; ++i)
          REQUIRE(y[i] ==
                  static_cast<std::int32_t>(std::floor(numerics::add(cut(x[k + i]), 0.5f))));
      }
    const values<float> nan(lanes, std::numeric_limits<float>::quiet_NaN());
    p.even_within(nan.data(), -7.f, 9.f, y.data());
    for (const std::int32_t v : y) REQUIRE(v == -7);
    values<double> d(lanes / 2), z(lanes / 2);
    for (int round = 0; round < 400; ++round) {
      for (double& v : d) {
        v = std::ldexp(static_cast<double>(r.between(-9, 9)), static_cast<int>(r.between(-2, 52)));
        const auto next = r.between(0, 2);
        if (next != 0) v = std::nextafter(v, next == 1 ? 1e300 : -1e300);
      }
      p.away_double(d.data(), z.data());
      for (std::size_t i = 0; i < d.size(); ++i) REQUIRE(z[i] == numerics::round_half_away(d[i]));
    }
  });
}

TEST_CASE("simd: the fused DR of a panel") {
  rng r(12);
  on_every_target([&](const simd_primitives& p) {
    const std::int32_t lanes = p.layout.lanes;
    const auto n = static_cast<std::size_t>(lanes);
    for (int round = 0; round < 2000; ++round) {
      values<multiplier> mult(n);
      for (multiplier& m : mult)
        m = {static_cast<std::int32_t>(r.pick({1 << 30, INT32_MAX, r.between(1 << 30, INT32_MAX)})),
             static_cast<std::int32_t>(r.pick({-1, -31, r.between(-31, -1), r.between(-12, -1)}))};
      requantize_params q;
      q.mode = rounding::doubling_high_half_away;
      q.channels = lanes;
      q.mult = mult.data();
      q.lo = -128, q.hi = 127;
      values<std::byte> arrays(n * 4 * kernels::panel_arrays);
      REQUIRE(kernels::fill_panel(q, dtype::s8, 1, lanes, {0, lanes}, arrays.data()) ==
              kernels::epilogue_kind::dr);
      constexpr std::int32_t most = (1 << 30) - 1;
      values<std::int32_t> x(n), y(n);
      for (std::size_t i = 0; i < n; ++i) {
        const std::int32_t half = 1 << (-mult[i].shift - 1 < 29 ? -mult[i].shift - 1 : 29);
        x[i] = static_cast<std::int32_t>(
            r.pick({-most, most, 0, -1, 1, half, -half, r.between(-most, most),
                    r.between(-3, 3) * half % most, r.between(-1000, 1000)}));
      }
      p.fused_dr(arrays.data(), x.data(), y.data());
      for (std::size_t i = 0; i < n; ++i)
        REQUIRE(y[i] == numerics::doubling_high_half_away(x[i], mult[i]));
    }
  });
}

TEST_CASE("simd: finished rows of a panel, every rounding and type") {
  rng r(13);
  on_every_target([&](const simd_primitives& p) {
    const std::int32_t lanes = p.layout.lanes;
    for (int round = 0; round < 300; ++round)
      for (const rounding mode :
           {rounding::none, rounding::doubling_high_half_away, rounding::doubling_high_half_up,
            rounding::float_half_even, rounding::float_bias_half_even,
            rounding::float_zero_point_half_even, rounding::double_half_away,
            rounding::wide_half_up}) {
        const dtype out = mode == rounding::none ? r.between(0, 1) ? dtype::s32 : dtype::s64
                          : r.between(0, 1)      ? dtype::s8
                          : r.between(0, 1)      ? dtype::u8
                                                 : dtype::s16;
        // Panels have up to max_vectors, blocks of depthwise products of four bytes four.
        const auto nv = static_cast<std::int32_t>(p.layout.max_vectors > 2 ? r.between(1, 4)
                                                  : p.layout.quad != 0     ? r.pick({1, 2, 4})
                                                                           : r.between(1, 2)),
                   columns = nv * lanes, rows = static_cast<std::int32_t>(r.between(1, 3)),
                   n = static_cast<std::int32_t>(r.between(0, 2) ? columns : r.between(1, columns));
        requantize_params q;
        requantize_arrays arrays;
        if (mode != rounding::none)
          arrays.fill(q, mode, out, n, 1e6, mode == rounding::float_bias_half_even, r);
        values<std::byte> panel(static_cast<std::size_t>(columns) * 4 * kernels::panel_arrays);
        const auto kind = kernels::fill_panel(q, out, nv, lanes, {0, n}, panel.data());
        values<std::int32_t> x(static_cast<std::size_t>(rows * columns));
        for (std::int32_t& v : x)
          v = static_cast<std::int32_t>(r.pick(
              {r.between(-(1 << 25), 1 << 25), r.between(-1000, 1000), r.between(-2, 2) * 65536}));
        const std::size_t size = size_of(out), row = static_cast<std::size_t>(n) * size + 3;
        values<std::byte> expected(static_cast<std::size_t>(rows - 1) * row +
                                   static_cast<std::size_t>(n) * size);
        const guarded y(expected.size());
        std::memset(y.data(), 0, expected.size());
        for (std::int32_t k = 0; k < rows; ++k)
          for (std::int32_t v = 0; v < nv; ++v)
            for (std::int32_t i = 0; i < lanes; ++i) {
              const std::int32_t c = kernels::channel_in_panel(nv, v, i);
              if (c >= n) continue;
              const std::int32_t a = x[static_cast<std::size_t>(k * columns + v * lanes + i)];
              const std::int64_t e = mode == rounding::none ? a : numerics::requantize(q, a, c);
              std::memcpy(expected.data() + static_cast<std::size_t>(k) * row +
                              static_cast<std::size_t>(c) * size,
                          &e, size);
            }
        p.finish(q, kind, out, panel.data(), nv, rows, x.data(), y.data(), row, n);
        INFO(name_of(mode) << " to " << name_of(out) << ", " << n << " of " << nv << " vectors");
        REQUIRE(std::memcmp(y.data(), expected.data(), expected.size()) == 0);
      }
  });
}
