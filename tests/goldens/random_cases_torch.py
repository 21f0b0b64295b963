#!/usr/bin/env python3
"""PyTorch's quantized operators with random shapes, scales, zero points and layouts, run by
PyTorch: for finding wrong formulas, not for the repository.

    random_cases_torch.py FOLDER [SETS] [SEED] [--engines fbgemm,qnnpack] [--only WORD]
    OCTET_RANDOM_CASES=FOLDER build/release/tests/test_models "[random]"

The first call writes FOLDER/MANIFEST.json with SETS parameter sets (default 20) of about 90 models
each; the second compares. A third of the sets has scales that are powers of two: many results are
then exactly between two integers. Needs what make_goldens_torch.py needs.
"""
import argparse
import json
import pathlib

import make_goldens_torch as g   # sets ATEN_CPU_CAPABILITY before torch is loaded
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

OPS = torch.ops.quantized
BOTH, FBGEMM = ("fbgemm", "qnnpack"), ("fbgemm",)


class Cases:
    def __init__(self, writer, k, seed, engines):
        self.w, self.k, self.r, self.ties, self.engines = writer, k, np.random.default_rng([seed,
                k]), k % 3 == 0, engines
        self.failed = []

    def scale(self, low=-7.0, high=0.0):
        return float(2.0 ** int(self.r.integers(low, high
                                                + 1))) if self.ties else float(np.float32(
                                                        2.0 ** self.r.uniform(low, high))
                                                                if self.r.integers(2)
                                                                        else 2.0 ** self.r.uniform(
                                                                                low, high))

    def near(self, v):
        v = float(v * 2.0 ** self.r.uniform(-0.5, 0.5))
        return float(2.0 ** np.round(np.log2(v))) if self.ties else v

    def zero(self):
        return int(self.r.choice([0, 255, 128,
                                  127])) if self.r.integers(4) == 0 else int(self.r.integers(0,
                                          256))

    def n(self, low, high):
        return int(self.r.integers(low, high + 1))

    def layout(self):
        return "channels_last" if self.r.integers(2) else "contiguous"

    def image(self, cmax=40, hmax=10, high=256, least=1):
        c = self.n(1, cmax)
        return (self.n(1, 2), c, self.n(least, hmax), self.n(least, hmax))

    def data(self, shape, s, z, high=256):
        return g.real(self.r.integers(0, high, shape), s, z)

    def add(self, tag, parameters, body, inputs, layout="contiguous", engines=BOTH, children=None,
            freeze=None):
        name = "%s_%d" % (tag, self.k)
        engines = tuple(e for e in engines if e in self.engines)
        if not engines:
            return
        try:
            with torch.no_grad():
                self.w.add(name, g.Case(parameters, body, layout, children), inputs,
                           engines=engines, freeze=bool(self.r.integers(2)) if freeze is None
                           else freeze)
        except (RuntimeError, AttributeError) as e:
            self.failed.append("%s: %s" % (name, str(e).strip().splitlines()[-1][:150]))

    # ---- multiply-accumulate

    def conv(self, tag, kind, relu, depthwise=False):
        r = self.r
        dims = 1 if kind in ("conv1d", "conv_transpose1d") else 2
        transposed = "transpose" in kind
        kernel = tuple(self.n(1, 4) for _ in range(dims))
        groups = 1
        if depthwise:
            groups = self.n(1, 40)
            cin, cout = groups, groups * self.n(1, 2)
            if r.integers(2):
                kernel = ((3, 3), (5, 5))[r.integers(2)]
        else:
            groups = int(r.choice([1, 1, 1, 2, 4]))
            cin, cout = groups * self.n(1, 20), groups * self.n(1, 20)
        stride = tuple(self.n(1, 2) for _ in range(dims))
        dilation = tuple(self.n(1, 2) for _ in range(dims))
        padding = tuple(self.n(0, 2) for _ in range(dims))
        size = tuple(max(self.n(3, 9), (k - 1) * d + 1) for k, d in zip(kernel, dilation))
        bias = bool(r.integers(4))
        per_channel = bool(r.integers(2)) and not transposed
        classes = {("conv2d", False): g.quantized.Conv2d, ("conv2d", True): g.fused.ConvReLU2d,
                   ("conv1d", False): g.quantized.Conv1d, ("conv1d", True): g.fused.ConvReLU1d,
                   ("conv_transpose2d", False): g.quantized.ConvTranspose2d,
                   ("conv_transpose1d", False): g.quantized.ConvTranspose1d}
        more = {"output_padding": tuple(self.n(0, s - 1) for s in stride)} if transposed else {}
        torch.backends.quantized.engine = self.engines[0]
        op = classes[(kind, relu)](cin, cout, kernel, stride=stride, padding=padding,
                                   dilation=dilation, groups=groups, bias=bias, **more)
        shape = (cin, cout // groups) + kernel if transposed else (cout, cin // groups) + kernel
        q = self.weights(shape, per_channel)
        sx, zx, taps = self.scale(), self.zero(), int(np.prod(shape[1:]))
        step = sx * 0.01
        op.set_weight_bias(q, torch.from_numpy((r.normal(0, 60 * np.sqrt(taps), cout)
                                                * step).astype(np.float32)) if bias else None)
        op.scale, op.zero_point = self.near(step * np.sqrt(taps) * 74 * 37 / 60), self.zero()
        engines = (BOTH if kind != "conv_transpose1d" and not per_channel
                   or dims == 2 and not transposed else FBGEMM)
        x = self.data((self.n(1, 2), cin) + size, sx, zx, 128)
        self.add(tag, [(sx, zx)], lambda m, v: m.op(v), [x], self.layout() if dims == 2
                 else "contiguous", engines, {"op": op})

    def weights(self, shape, per_channel):
        data = self.r.integers(-128, 128, shape)
        if per_channel:
            scales = np.array([self.near(0.01) for _ in range(shape[0])])
            floats = torch.from_numpy(data.astype(np.float64)
                                      * scales.reshape([-1] + [1] * (len(shape) - 1))).float()
            q = torch.quantize_per_channel(floats, torch.from_numpy(scales),
                                           torch.zeros(shape[0], dtype=torch.int64), 0, torch.qint8)
        else:
            s = self.near(0.01)
            q = torch.quantize_per_tensor(torch.from_numpy((data * s).astype(np.float32)), s, 0,
                                          torch.qint8)
        assert (q.int_repr().numpy() == data).all()
        return q

    def linear(self, relu):
        r = self.r
        shape = ((self.n(1, 9),), (self.n(1, 3), self.n(1, 4)))[r.integers(2)] + (self.n(1, 90),)
        units = self.n(1, 40)
        bias = bool(r.integers(4))
        torch.backends.quantized.engine = self.engines[0]
        op = (g.fused.LinearReLU if relu else g.quantized.Linear)(shape[-1], units, bias)
        sx, zx, k = self.scale(), self.zero(), shape[-1]
        op.set_weight_bias(self.weights((units, k), bool(r.integers(2))),
                           torch.from_numpy((r.normal(0, 60 * np.sqrt(k), units) * sx
                                             * 0.01).astype(np.float32)) if bias else None)
        op.scale, op.zero_point = self.near(sx * 0.01 * np.sqrt(k) * 74 * 37 / 60), self.zero()
        self.add("linear" + ("_relu" if relu else ""), [(sx, zx)], lambda m, v: m.op(v),
                 [self.data(shape, sx, zx, 128)], children={"op": op})

    # ---- element by element

    def elementwise(self):
        r = self.r
        for tag in ("add", "add_relu", "mul", "mul_relu"):
            shape = (1, self.n(1, 700)) if r.integers(2) else self.image()
            sa, za, sb, zb = self.scale(-7, -2), self.zero(), self.scale(-7, -2), self.zero()
            so, zo = self.near(sa + sb if "add" in tag else sa * sb * 100), self.zero()
            layout = self.layout() if len(shape) == 4 else "contiguous"
            self.add(tag, [(sa, za), (sb, zb)], lambda m, a, b, f=getattr(OPS, tag), so=so,
                     zo=zo: f(a, b, so, zo), [self.data(shape, sa, za), self.data(shape, sb, zb)],
                     layout)
        shape = self.image()
        for tag in ("add", "mul"):
            other = [(shape[0], shape[1], 1, 1), (1, shape[1], 1, 1), (1, 1, 1, 1),
                     (shape[0], 1, shape[2], shape[3])][r.integers(4)]
            sa, za, sb, zb, zo = self.scale(-7, -2), self.zero(), self.scale(-7, -2), self.zero(
                    ), self.zero()
            so = self.near(sa + sb if "add" in tag else sa * sb * 100)
            self.add(tag + "_broadcast", [(sa, za), (sb, zb)], lambda m, a, b, f=getattr(OPS, tag),
                     so=so, zo=zo: f(a, b, so, zo),
                     [self.data(shape, sa, za), self.data(other, sb, zb)], self.layout(), FBGEMM)
        for tag in ("add_scalar", "add_scalar_relu", "mul_scalar", "mul_scalar_relu"):
            s, z, v = self.scale(), self.zero(), float(r.normal(0, 3))
            if "add" in tag and r.integers(2):
                v = float(r.normal(0, 200) * s)
            if r.integers(6) == 0:
                v = 0.0
            self.add(tag, [(s, z)], lambda m, a, f=getattr(OPS, tag), v=v: f(a, v),
                     [self.data((1, self.n(1, 400)), s, z)])
        parts = self.n(2, 4)
        base, layout = self.image(12), self.layout()
        p = [(self.scale(-6, -2), self.zero()) for _ in range(parts)]
        if r.integers(3) == 0:
            p = [p[0]] * parts
        so, zo = (p[0] if r.integers(3) == 0 else (self.near(p[0][0]), self.zero()))
        axis = 1 if r.integers(3) else self.n(2, 3)
        shapes = [tuple(self.n(1, 20) if i == axis else e for i, e in enumerate(base))
                  for _ in range(parts)]
        for tag in ("cat", "cat_relu"):
            self.add(tag, p, lambda m, *a, f=getattr(OPS, tag), so=so,
                     zo=zo: f(list(a), axis, so, zo),
                     [self.data(s, *q) for s, q in zip(shapes, p)], layout)
        self.add("aten_cat", p, lambda m, *a: torch.cat(list(a), axis),
                 [self.data(s, *q) for s, q in zip(shapes, p)], layout)

    def unary(self):
        r = self.r

        def one(tag, body, engines=BOTH, low=-7.0, high=-1.0):
            s, z, layout = self.scale(low, high), self.zero(), self.layout()
            shape = (1, 1, 16, 16) if r.integers(3) == 0 else self.image()
            x = g.real(np.arange(256), s, z).reshape(shape) if shape == (1, 1, 16,
                    16) else self.data(shape, s, z)
            self.add(tag, [(s, z)], body, [x], layout, engines)

        so, zo = self.scale(-8, -3), self.zero()
        one("relu", lambda m, q: F.relu(q))
        one("relu6", lambda m, q: F.relu6(q), FBGEMM)
        lo, hi = sorted(r.normal(0, 4, 2).tolist())
        one("hardtanh", lambda m, q: F.hardtanh(q, lo, hi), FBGEMM)
        one("clamp", lambda m, q: torch.clamp(q, lo, hi), FBGEMM)
        one("hardswish", lambda m, q: OPS.hardswish(q, so, zo))
        one("hardsigmoid", lambda m, q: F.hardsigmoid(q))
        one("sigmoid", lambda m, q: torch.sigmoid(q))
        one("quantized_sigmoid", lambda m, q: OPS.sigmoid(q, so, zo))
        one("tanh", lambda m, q: torch.tanh(q))
        alpha, slope = float(r.uniform(0.1, 2)), float(r.uniform(0.01, 0.9))
        one("elu", lambda m, q: OPS.elu(q, so, zo, alpha))
        one("leaky_relu", lambda m, q: OPS.leaky_relu(q, slope, False, so, zo))
        s, z = self.scale(-7, -2), self.zero()
        shape = (self.n(1, 4), self.n(2, 90))
        ss = 1 / 256 if r.integers(2) else self.near(1 / 256)
        self.add("softmax", [(s, z)], lambda m, q: OPS.softmax(q, 1, ss, 0),
                 [self.data(shape, s, z)], engines=FBGEMM)
        shape = self.image(20)
        a = torch.quantize_per_tensor(torch.from_numpy(r.normal(0, 0.4, shape[1] if r.integers(2)
                else 1).astype(np.float32)), 0.01, 128, torch.quint8)

        class Prelu(nn.Module):
            def __init__(self):
                super().__init__()
                self.register_buffer("alpha", a)

            def forward(self, v):
                return torch.dequantize(OPS.prelu(torch.quantize_per_tensor(v, s, z, torch.quint8),
                                                  self.alpha, so, zo))

        self.module("prelu", Prelu(), [self.data(shape, s, z)], FBGEMM)

    def module(self, tag, module, inputs, engines):
        engines = tuple(e for e in engines if e in self.engines)
        if not engines:
            return
        try:
            with torch.no_grad():
                self.w.add("%s_%d" % (tag, self.k), module, inputs, engines=engines)
        except RuntimeError as e:
            self.failed.append("%s: %s" % (tag, str(e).strip().splitlines()[-1][:150]))

    def quantize(self):
        for dtype, tag in ((torch.quint8, "quint8"), (torch.qint8, "qint8")):
            s, z = self.scale(-10, 3), self.zero() - (128 if dtype == torch.qint8 else 0)

            class Quantize(nn.Module):
                def forward(self, v):
                    return torch.dequantize(torch.quantize_per_tensor(v, s, z, dtype))

            n = self.n(1, 300)
            x = np.concatenate([((self.r.integers(-300, 300, n) + 0.5)
                                 * np.float32(s)).astype(np.float32),
                                (self.r.normal(0, 100, n) * s).astype(np.float32)])
            self.module("quantize_" + tag, Quantize(), [x], BOTH)

    # ---- pools, mean, resizing, norms, movement

    def pools(self):
        r = self.r

        def one(tag, body, engines=BOTH, cmax=40, hmax=11, least=4):
            s, z, layout = self.scale(-6, -2), self.zero(), self.layout()
            self.add(tag, [(s, z)], body, [self.data(self.image(cmax, hmax, least=least), s, z)],
                     layout, engines)

        for k in range(3):
            window, stride = (self.n(1, 4), self.n(1, 4)), (self.n(1, 3), self.n(1, 3))
            padding = tuple(self.n(0, w // 2) for w in window)
            one("avg_pool2d_%d" % k, lambda m, q: F.avg_pool2d(q, window, stride, padding))
            ceil, counted, divisor = bool(r.integers(2)), bool(r.integers(2)), None if r.integers(
                    2) else self.n(1, 9)
            one("avg_pool2d_options_%d" % k, lambda m,
                q: F.avg_pool2d(q, window, stride, padding, ceil, counted, divisor), FBGEMM)
            dilation, ceil2 = (self.n(1, 2), self.n(1, 2)), bool(r.integers(2)) and k != 0
            # QNNPACK reads wrong rows for dilated windows, and knows no ceil_mode.
            one("max_pool2d_%d" % k, lambda m,
                q: F.max_pool2d(q, window, stride, padding, dilation, ceil2), FBGEMM if ceil2
                or dilation != (1, 1) else BOTH, least=8)
            size = (self.n(1, 6), self.n(1, 6))
            one("adaptive_%d" % k, lambda m, q: F.adaptive_avg_pool2d(q, size))
        one("adaptive_whole", lambda m, q: F.adaptive_avg_pool2d(q, 1), cmax=90)
        keep = bool(r.integers(2))
        one("mean_hw", lambda m, q: torch.mean(q, (2, 3), keep))
        one("mean_w", lambda m, q: torch.mean(q, (3,), keep))
        one("mean_c", lambda m, q: torch.mean(q, (1,), keep), FBGEMM)
        size = (self.n(1, 20), self.n(1, 20))
        factor = float(r.choice([0.5, 1.5, 2.0, 3.0, 2.3]))
        corners = bool(r.integers(2))
        one("nearest_size", lambda m, q: F.interpolate(q, size=size, mode="nearest"))
        one("nearest_factor", lambda m, q: F.interpolate(q, scale_factor=factor, mode="nearest"))
        one("bilinear_size", lambda m, q: F.interpolate(q, size=size, mode="bilinear",
                                                        align_corners=corners))
        one("bilinear_factor", lambda m, q: F.interpolate(q, scale_factor=factor, mode="bilinear",
                                                          align_corners=False))

    def batch_norm(self):
        r = self.r
        shape = self.image(30)
        s, z, so, zo, layout = self.scale(-6, -2), self.zero(), self.scale(-6, -2), self.zero(
                ), self.layout()
        c = shape[1]
        for tag in ("batch_norm2d", "batch_norm2d_relu"):
            class BatchNorm(nn.Module):
                def __init__(self):
                    super().__init__()
                    for name, low, high in (("weight", 0.5, 1.5), ("bias", -1, 1), ("mean", -1, 1),
                                            ("var", 0.5, 2)):
                        self.register_buffer(name, torch.from_numpy(r.uniform(low, high,
                                c).astype(np.float32)))

                def forward(self, v):
                    q = torch.quantize_per_tensor(v, s, z, torch.quint8)
                    if layout == "channels_last":
                        q = q.contiguous(memory_format=torch.channels_last)
                    return torch.dequantize(getattr(OPS, tag)(q, self.weight, self.bias, self.mean,
                                                              self.var, 1e-5, so, zo))

            self.module(tag, BatchNorm(), [self.data(shape, s, z)], BOTH)

    def movement(self):
        r = self.r

        def one(tag, body, shape=None, engines=BOTH):
            s, z, layout = self.scale(-6, -2), self.zero(), self.layout()
            self.add(tag, [(s, z)], body, [self.data(shape or self.image(12, 6, least=2), s, z)],
                     layout, engines)

        perm = r.permutation(4).tolist()
        one("permute", lambda m, q: q.permute(*perm).contiguous())
        a, b = r.permutation(4)[:2].tolist()
        one("transpose_add", lambda m, q: OPS.add(q.transpose(a, b), q.transpose(a, b), 0.3, 100))
        one("flatten", lambda m, q: torch.flatten(q, 1))
        one("reshape", lambda m, q: q.reshape(q.size(0), -1, q.size(3)))
        one("permute_reshape", lambda m, q: q.permute(*perm).reshape(-1, 2), shape=(2, 3, 4, 2))
        one("chunk", lambda m, q: OPS.cat(list(q.chunk(2, 1))[::-1], 1, 0.05, 120),
            shape=(2, 2 * self.n(1, 9), 3, 5))
        one("shuffle", lambda m, q: q.view(2, 2, 3, 3, 4).transpose(1, 2).contiguous().view(2, 6,
                3, 4), shape=(2, 6, 3, 4))
        one("channel_shuffle", lambda m, q: F.channel_shuffle(q, 3),
            shape=(2, 3 * self.n(1, 6), 3, 4))
        pads = [self.n(0, 2) for _ in range(4)]
        one("pad", lambda m, q: F.pad(q, pads))
        pads1 = [self.n(0, 1) for _ in range(4)]
        one("pad_reflect", lambda m, q: F.pad(q, pads1, "reflect"))
        one("slice", lambda m, q: q[:, :, 1:, :-1].contiguous())
        one("unsqueeze", lambda m, q: OPS.mul(q, q.mean((2, 3)).unsqueeze(-1).unsqueeze(-1), 0.1,
                                              50), engines=FBGEMM)

    def run(self):
        for make in (self.quantize, self.elementwise, self.unary, self.pools, self.batch_norm,
                     self.movement):
            make()
        for relu in (False, True):
            self.conv("conv2d" + "_relu" * relu, "conv2d", relu)
            self.conv("conv1d" + "_relu" * relu, "conv1d", relu)
            self.conv("depthwise" + "_relu" * relu, "conv2d", relu, True)
            self.linear(relu)
        self.conv("conv_transpose2d", "conv_transpose2d", False)
        self.conv("conv_transpose1d", "conv_transpose1d", False)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("folder", type=pathlib.Path)
    p.add_argument("sets", type=int, nargs="?", default=20)
    p.add_argument("seed", type=int, nargs="?", default=1)
    p.add_argument("--engines", default="fbgemm,qnnpack")
    p.add_argument("--only")
    a = p.parse_args()
    torch.set_num_threads(1)
    (a.folder / "torch").mkdir(parents=True, exist_ok=True)
    writer = g.Writer(a.folder / "torch", a.only)
    failed = []
    for k in range(a.sets):
        c = Cases(writer, k, a.seed, a.engines.split(","))
        c.run()
        failed += c.failed
    for f in failed:
        print("not run by PyTorch:", f)
    (a.folder / "MANIFEST.json").write_text("[\n" + ",\n".join(json.dumps(r) for r in writer.rows)
                                            + "\n]\n")
    print("%d rows" % len(writer.rows))


if __name__ == "__main__":
    main()
