#!/usr/bin/env python3
"""Writes a typed graph of MobileNetV2's shape: stem, 17 bottleneck blocks with their residual sums,
head. Every layer has its own weights and scales."""
import sys

lines, declarations, value = [], [], ["x"]
count = 0


def layer(kind, channels_in, channels_out, kernel=1, stride=1, act=True):
    global count
    i = count
    count += 1
    n = (channels_in * channels_out if kind == "conv2d" and kernel == 1
         else channels_in * channels_out * kernel * kernel if kind == "conv2d"
         else channels_in * kernel * kernel)
    declarations.append(f"extern const std::int8_t w{i}[{n}];\nextern const std::int32_t "
                        f"b{i}[{channels_out}];")
    options = (f".kernel = {{{kernel}, {kernel}}}, .stride = {{{stride}, {stride}}}"
               + (", .activation = q::relu6" if act else ""))
    if kind == "conv2d":
        options = f".filters = {channels_out}, " + options
    return (f"q::{kind}({{{options}}}, q::per_tensor(w{i}, {0.003 + 0.0001 * i:.4f}f), b{i}, "
            f"{{{0.02 + 0.001 * i:.3f}f, {i * 7 % 40 - 20}}})")


body = [f"  auto v0 = x | {layer('conv2d', 3, 32, 3, 2)} | {layer('depthwise_conv2d', 32, 32, 3)} "
        f"| {layer('conv2d', 32, 16, act=False)};"]
channels, v = 16, 0
for expand, out, repeat, stride in [(6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
                                    (6, 160, 3, 2), (6, 320, 1, 1)]:
    for r in range(repeat):
        wide = channels * expand
        body.append(f"  auto v{v + 1} = v{v} | {layer('conv2d', channels, wide)} | "
                    f"{layer('depthwise_conv2d', wide, wide, 3, stride if r == 0 else 1)} | "
                    f"{layer('conv2d', wide, out, act=False)};")
        v += 1
        if r > 0:
            count += 1
            body.append(f"  auto v{v + 1} = q::add(v{v - 1}, v{v}, "
                        f"{{{0.02 + 0.001 * count:.3f}f, 3}});")
            v += 1
        channels = out
body.append(f"  return v{v} | {layer('conv2d', channels, 1280)} | q::global_avg_pool2d() | "
            f"q::dense({{.units = 1000}}, q::per_tensor(wd, 0.01f), bd, {{0.1f, 0}}) | "
            f"q::requantize({{0.2f, 0}}) | q::dequantize();")
declarations.append("extern const std::int8_t wd[1280000];\nextern const std::int32_t bd[1000];")
if len(sys.argv) > 1 and sys.argv[1] == "include":
    body = None
print('#include "octet/typed/typed.hpp"\n')
if body:
    print("namespace q = octet::typed;")
    print("\n".join(declarations))
    print("using image = q::tensor<q::s8, q::shape<1, 224, 224, 3>, q::affine{0.0078f, "
          "-1}>;\nconstexpr auto graph = [](auto x) {")
    print("\n".join(body))
    print("}(q::input<image>());\nusing net = q::compiled<graph>;\nstatic_assert(net::arena_bytes "
          "== 1505280 && net::nodes == 66);\nstatic_assert(net::scratch_bytes <= 128 * 1024);")
    print("void run(net& n, const std::array<std::int8_t, 224 * 224 * 3>& x, std::array<float, "
          "1000>& y) { n.run(x, y); }")
