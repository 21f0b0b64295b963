#!/usr/bin/env python3
"""Makes the goldens of PyTorch's quantized operators: small TorchScript files, inputs, and
PyTorch's own outputs.

Every module quantizes its float inputs, applies one operator and dequantizes; it is traced, saved,
loaded again and run with engine fbgemm (law pytorch_fbgemm) and, where that engine has the operator
and computes it as documented, with qnnpack (law pytorch_qnnpack). Written into torch/: NAME.pt,
NAME.inputI.npy, NAME.output.fbgemm.npy, and NAME.output.qnnpack.npy only where it differs; and the
rows of format
"pytorch" in MANIFEST.json (other rows are kept).

Needs: torch, numpy (versions used: README.md).
"""
import argparse
import json
import os
import pathlib
import sys
import zlib

# The element-wise kernels' blocks, and with them a few last bits, depend on the instruction set:
# these are AVX2's.
os.environ["ATEN_CPU_CAPABILITY"] = "avx2"
# So does the order in which convolutions of floats sum.
os.environ["ONEDNN_MAX_CPU_ISA"] = "AVX2"

import numpy as np
import torch
from torch import nn
try:
    import torch.ao.nn.intrinsic.quantized as fused
except ImportError:  # torch 1.13
    import torch.nn.intrinsic.quantized as fused
import torch.ao.nn.quantized as quantized
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples" / "digits"))
import cases_torch_modules
import pt_file

ENGINES = {"fbgemm": "pytorch_fbgemm", "qnnpack": "pytorch_qnnpack", "onednn": "pytorch_fbgemm"}
OPS = torch.ops.quantized


class Case(nn.Module):
    """Quantizes each input with its (scale, zero point), applies `body`, dequantizes.

    `layout` says in which memory order the operator sees its operands: some of PyTorch's kernels
    round differently for channels_last.
    """

    def __init__(self, parameters, body, layout="contiguous", children=None):
        super().__init__()
        self.parameters_of, self.body, self.layout = parameters, body, layout
        for name, child in (children or {}).items():
            self.add_module(name, child)

    def forward(self, *inputs):
        codes = []
        for x, (scale, zero) in zip(inputs, self.parameters_of):
            q = torch.quantize_per_tensor(x, scale, zero, torch.quint8)
            codes.append(q.contiguous(memory_format=torch.channels_last)
                         if self.layout == "channels_last" else q)
        y = self.body(self, *codes)
        return torch.dequantize(y) if y.is_quantized else y


class Signed(nn.Module):
    """The body on qint8 codes."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return self.body(torch.quantize_per_tensor(x, 0.05, -8, torch.qint8))


class Writer:
    def __init__(self, folder, only):
        self.folder, self.only, self.rows, self.report = folder, only, [], []

    def rng(self, name):
        return np.random.default_rng(zlib.crc32(name.encode()))

    def add(self, name, module, inputs, engines=("fbgemm", "qnnpack"), freeze=False,
            expect="identical", note=None, tolerance=None):
        if any(r["model"] == name + ".pt" for r in self.rows):
            raise ValueError("two cases called " + name)
        if self.only and self.only not in name:
            return
        path = self.folder / (name + ".pt")
        tensors = [torch.from_numpy(x) for x in inputs]
        torch.backends.quantized.engine = engines[0]
        with torch.no_grad():
            traced = torch.jit.trace(module.eval(), tuple(tensors), check_trace=False)
            pt_file.save(torch.jit.freeze(traced) if freeze else traced, path)
        files = ["%s.input%d.npy" % (name, i) for i in range(len(inputs))]
        for file, data in zip(files, inputs):
            np.save(self.folder / file, data)
        first = None
        for engine in engines:
            torch.backends.quantized.engine = engine
            loaded = torch.jit.load(str(path)).eval()
            with torch.no_grad():
                # The profiling executor may fuse after the first calls; the first one is the
                # interpreter's.
                made = loaded(*tensors)
            made = made if isinstance(made, tuple) else (made,)
            outputs = [np.array(y.numpy(), order="C") for y in made]
            same = first is not None and [y.tobytes() for y in first] == [y.tobytes()
                                                                          for y in outputs]
            engine_of = "fbgemm" if same else engine
            stored = ["%s.output%s.%s.npy" % (name, i if len(outputs) > 1 else "", engine_of)
                      for i in range(len(outputs))]
            if not same:
                for file, output in zip(stored, outputs):
                    np.save(self.folder / file, output)
            if first is None:
                first = outputs
            elif not same:
                self.report.append("%-40s fbgemm and qnnpack differ in %d of %d"
                                   % (name, sum(int((a != b).sum())
                                                for a, b in zip(first, outputs)),
                                      sum(y.size for y in outputs)))
            row = {"format": "pytorch", "folder": "torch", "model": name + ".pt",
                   "law": ENGINES[engine], "inputs": files, "outputs": stored, "expect": expect}
            if note:
                row["note"] = note
            if tolerance:  # the largest and the mean difference, over the output's range
                row["tolerance"], row["tolerance_mean"] = tolerance, tolerance / 10
            self.rows.append(row)
        values = len(np.unique(first[0]))
        self.report.append("%-40s %6d bytes, %d outputs, %d values"
                           % (name, sum(f.stat().st_size for f in self.folder.glob(name + ".*")),
                              sum(y.size for y in first), values))


def real(codes, scale, zero):
    """Floats that quantize to exactly these codes."""
    return ((np.asarray(codes, np.int64) - zero).astype(np.float32)
            * np.float32(scale)).astype(np.float32)


def codes(rng, shape, high=256):
    data = rng.integers(0, high, shape)
    data.reshape(-1)[:2] = [0, high - 1][:min(2, data.size)]
    return data


def every_code(shape=(1, 1, 16, 16), high=256):
    return np.resize(np.arange(high), shape)


# ---- quantize ------------------------------------------------------------------------------------

def quantize(w):
    for tag, scale, zero in (("half", 0.5, 128), ("sixteenth_odd", 0.0625, 131), ("tenth", 0.1, 0),
                             ("third", 1 / 3, 255), ("0123", 0.0123, 77)):
        s = np.float32(scale)
        middle = ((np.arange(-zero - 3, 259 - zero) + 0.5) * np.float64(s)).astype(np.float32)
        near = np.concatenate([np.nextafter(middle[::9], np.float32(np.inf)),
                               np.nextafter(middle[::9], np.float32(-np.inf))])
        x = np.concatenate([middle, near, np.array([0.0, -0.0, 1e-40, -1e-40, 5000 * s, -5000 * s],
                                                   np.float32)]).astype(np.float32)
        w.add("quantize_" + tag, Case([(scale, zero)], lambda m, q: q), [x])


# ---- multiply-accumulate -------------------------------------------------------------------------

def weights(rng, shape, per_channel, axis=0, low=-128):
    """qint8 weights whose codes are random over the full range."""
    data = rng.integers(low, 128, shape)
    n = shape[axis]
    if per_channel:
        scales = torch.from_numpy(0.01 * 2.0 ** rng.uniform(-1, 1, n))
        view = [1] * len(shape)
        view[axis] = n
        floats = torch.from_numpy(data.astype(np.float64) * scales.numpy().reshape(view)).float()
        made = torch.quantize_per_channel(floats, scales, torch.zeros(n, dtype=torch.int64), axis,
                                          torch.qint8)
    else:
        made = torch.quantize_per_tensor(torch.from_numpy(data.astype(np.float32)
                                                          * np.float32(0.01)), 0.01, 0, torch.qint8)
    if not (made.int_repr().numpy() == data).all():
        raise ValueError("weights were not reproduced")
    return made


def conv(w, tag, cin, cout, kernel, size, groups=1, stride=1, padding=0, dilation=1, relu=False,
         bias=True, per_channel=True, batch=1, zx=61, zy=63, freeze=True,
         padding_mode="zeros", kind="conv2d", output_padding=0, engines=("fbgemm", "qnnpack")):
    name = "%s_%s" % (kind, tag)
    rng = w.rng(name)
    sx = 0.05
    classes = {("conv2d", False): quantized.Conv2d, ("conv2d", True): fused.ConvReLU2d,
               ("conv1d", False): quantized.Conv1d, ("conv1d", True): fused.ConvReLU1d,
               ("conv_transpose2d", False): quantized.ConvTranspose2d}
    made = classes[(kind, relu)](cin, cout, kernel, stride=stride, padding=padding,
                                 dilation=dilation, groups=groups, bias=bias,
                                 **({"output_padding": output_padding}
                                    if kind == "conv_transpose2d"
                                    else {"padding_mode": padding_mode}))
    shape = (cin, cout // groups) + tuple(kernel) if kind == "conv_transpose2d" else (cout,
            cin // groups) + tuple(kernel)
    q = weights(rng, shape, per_channel and kind != "conv_transpose2d")
    made.set_weight_bias(q, torch.from_numpy(rng.normal(0, 1, cout).astype(np.float32)) if bias
                         else None)
    taps = int(np.prod(shape[1:]))
    made.scale, made.zero_point = float(sx * 0.02 * np.sqrt(taps) * 74 * 37 / 50), zy
    # 7-bit activations: no engine saturates
    x = real(codes(rng, (batch, cin) + tuple(size), 128), sx, zx)
    w.add(name, Case([(sx, zx)], lambda m, v: m.op(v), children={"op": made}), [x], freeze=freeze,
          engines=engines)


def convolutions(w):
    conv(w, "1x1", 5, 9, (1, 1), (3, 5), freeze=False)
    conv(w, "1x1_c33_n17_relu", 33, 17, (1, 1), (3, 3), relu=True, batch=2)
    conv(w, "3x3_pad1", 3, 10, (3, 3), (5, 4), padding=1)
    conv(w, "3x3_s2_relu", 3, 16, (3, 3), (7, 6), padding=1, stride=2, relu=True, zy=0,
         freeze=False)
    conv(w, "3x3_pertensor", 7, 9, (3, 3), (4, 5), padding=1, per_channel=False, freeze=False)
    conv(w, "nobias", 6, 9, (3, 1), (4, 3), bias=False)
    conv(w, "groups2", 6, 8, (3, 3), (4, 5), groups=2, padding=1, freeze=False)
    conv(w, "groups_dilation", 8, 12, (2, 3), (6, 7), groups=4, dilation=(2, 1), padding=(1, 2),
         stride=(2, 1))
    conv(w, "depthwise_3x3", 9, 9, (3, 3), (5, 4), groups=9, padding=1)
    conv(w, "depthwise_3x3_s2_relu", 17, 17, (3, 3), (6, 5), groups=17, padding=1, stride=2,
         relu=True)
    conv(w, "depthwise_5x5_c8", 8, 8, (5, 5), (6, 5), groups=8, padding=2)
    conv(w, "depthwise_x2", 3, 6, (3, 3), (4, 4), groups=3, padding=1)
    conv(w, "zero_point_ends", 5, 6, (3, 3), (4, 4), padding=1, zx=0, zy=255)
    conv(w, "reflect", 3, 5, (3, 3), (4, 5), padding=1, padding_mode="reflect", freeze=False)
    conv(w, "c64_n35", 64, 35, (1, 1), (2, 3))
    conv(w, "k3_s2", 3, 7, (3,), (9,), padding=1, stride=2, kind="conv1d", freeze=False)
    conv(w, "k2_relu", 4, 5, (2,), (6,), relu=True, kind="conv1d")
    conv(w, "3x3_s2", 5, 7, (3, 3), (3, 4), stride=2, padding=1, output_padding=1,
         kind="conv_transpose2d", freeze=False)
    conv(w, "2x2_s1_nobias", 3, 4, (2, 2), (3, 3), kind="conv_transpose2d", bias=False)
    ties(w)


def ties(w):
    """Codes 32..95 times small weights plus biases of halves and quarters of a product step: the
    float bias and the integer one part ways, and most sums are ties for the power-of-two
    multipliers."""
    ratios = [1.0, 1.0, 0.5, 0.5, 0.25, 0.125, 1 / 64, 0.75, 1.5, 2.0, 0.0125]
    data = np.array([1, -1, 1, 3, -1, 5, 127, 1, -1, 1, 3])
    # bias in units of sx * sw
    steps = np.array([0.5, 0.25, 1.5, 0.75, 2.0, -3.5, 100.5, 0.5, 1.0, 0.25, -7.75])
    scales = 2.0 * np.array(ratios)
    for kind in ("conv2d", "linear"):
        shape = (11, 1, 1, 1) if kind == "conv2d" else (11, 1)
        floats = torch.from_numpy((data * scales).reshape(shape)).float()
        q = torch.quantize_per_channel(floats, torch.from_numpy(scales),
                                       torch.zeros(11, dtype=torch.int64), 0, torch.qint8)
        op = quantized.Conv2d(1, 11, 1) if kind == "conv2d" else quantized.Linear(1, 11)
        op.set_weight_bias(q, torch.from_numpy(steps * 0.5 * scales).float())
        op.scale, op.zero_point = 1.0, 127
        x = np.arange(32, 96).reshape((1, 1, 8, 8) if kind == "conv2d" else (64, 1))
        w.add(kind + "_ties", Case([(0.5, 61)], lambda m, v: m.op(v), children={"op": op}),
              [real(x, 0.5, 61)], freeze=True)


def ties_one_scale(w):
    """Weights of one scale: the bias times the reciprocal of a product step joins the sum in one
    rounding. Output steps of two product steps, and biases of about a whole number of them for
    which two roundings give other codes."""
    f = np.float32
    rng = w.rng("ties_one_scale")
    sx, sw = 0.05, 0.0117
    aw = f(f(sx) * f(sw))
    so = float(aw) * 2
    m, unit = f(aw / f(so)), f(f(1) / aw)
    x = np.arange(32, 96)
    data = rng.integers(40, 128, 11) * rng.choice([-1, 1], 11)
    bias = []
    for d in data:
        acc = (x - 61) * d
        tries = (2 * rng.integers(-2000, 2000, 4000) + 1).astype(np.float64) * np.float64(aw)
        tries = (tries * (1 + rng.integers(-3, 4, 4000) * 2.0 ** -24)).astype(f)[:, None]
        once = (tries.astype(np.float64) * np.float64(unit) + acc[None]).astype(f)
        twice = ((tries * unit).astype(f) + acc[None].astype(f)).astype(f)
        differ = (np.rint(once * m) != np.rint(twice * m)) & (np.abs(once * m) < 100)
        bias.append(tries[differ.sum(1).argmax(), 0])
        if not differ.any():
            raise ValueError("no tie was found")
    for kind in ("conv2d", "linear"):
        shape = (11, 1, 1, 1) if kind == "conv2d" else (11, 1)
        q = torch.quantize_per_tensor(torch.from_numpy((data * np.float64(f(sw))).reshape(
            shape)).float(), sw, 0, torch.qint8)
        if not (q.int_repr().numpy().reshape(-1) == data).all():
            raise ValueError("weights were not reproduced")
        op = quantized.Conv2d(1, 11, 1) if kind == "conv2d" else quantized.Linear(1, 11)
        op.set_weight_bias(q, torch.from_numpy(np.array(bias, f)))
        op.scale, op.zero_point = so, 127
        codes_in = x.reshape((1, 1, 8, 8) if kind == "conv2d" else (64, 1))
        w.add(kind + "_ties_one_scale", Case([(sx, 61)], lambda m, v: m.op(v),
                                             children={"op": op}), [real(codes_in, sx, 61)],
              freeze=True)


def linear(w, tag, shape, units, relu=False, bias=True, per_channel=True, freeze=True):
    name = "linear_" + tag
    rng = w.rng(name)
    k = shape[-1]
    op = (fused.LinearReLU if relu else quantized.Linear)(k, units, bias)
    op.set_weight_bias(weights(rng, (units, k), per_channel),
                       torch.from_numpy(rng.normal(0, 1, units).astype(np.float32)) if bias
                       else None)
    op.scale, op.zero_point = float(0.05 * 0.02 * np.sqrt(k) * 74 * 37 / 50), 63
    w.add(name, Case([(0.05, 61)], lambda m, v: m.op(v), children={"op": op}),
          [real(codes(rng, shape, 128), 0.05, 61)], freeze=freeze)


def linears(w):
    linear(w, "k33_n9", (3, 33), 9, freeze=False)
    linear(w, "k64_n17_relu", (1, 64), 17, relu=True, freeze=False)
    linear(w, "k7_n3_nobias_3d", (2, 3, 7), 3, bias=False)
    linear(w, "pertensor", (2, 19), 10, per_channel=False)


# ---- element-wise --------------------------------------------------------------------------------

SETS = {"halves": (0.5, 128, 0.5, 125, 1.0, 127), "half_quarter": (0.5, 61, 0.25, 131, 1.0, 100),
        "tenths": (0.1, 77, 0.05, 140, 0.13, 101)}


def pairs(columns, sa, za, sb, zb):
    a, b = np.meshgrid(np.arange(256), np.array(columns))
    return [real(a, sa, za), real(b, sb, zb)]


def position_sensitive(sa, za, sb, zb, so, zo):
    """Code pairs for which adding with fused and with plain dequantization gives different sums
    (one in about a million)."""
    a, b = (v.reshape(-1) for v in np.meshgrid(np.arange(256), np.arange(256)))
    f = np.float32

    def fused_value(q, s, z):
        return (q.astype(np.float64) * np.float64(f(s)) + np.float64(f(-z) * f(s))).astype(f)

    def plain(q, s, z):
        return (q - z).astype(f) * f(s)

    def code(x):
        return np.clip(np.rint(x * (f(1) / f(so))).astype(np.int64) + zo, 0, 255)

    differ = code(fused_value(a, sa, za) + fused_value(b, sb, zb)) != code(plain(a, sa, za)
            + plain(b, sb, zb))
    return np.stack([a[differ], b[differ]], 1)


def elementwise(w):
    for tag, p in SETS.items():
        sa, za, sb, zb, so, zo = p
        data = pairs([127, 130], sa, za, sb, zb)
        w.add("add_" + tag, Case([(sa, za), (sb, zb)], lambda m, a, b, so=so,
                                 zo=zo: OPS.add(a, b, so, zo)), data)
        sm = float({"halves": 1.0, "half_quarter": 0.25}.get(tag, sa * sb * 60))
        w.add("mul_" + tag, Case([(sa, za), (sb, zb)], lambda m, a, b, so=sm,
                                 zo=zo: OPS.mul(a, b, so, zo)), data)
    sa, za, sb, zb, so, zo = SETS["tenths"]
    rng = w.rng("elementwise")
    data = [real(codes(rng, (1, 3, 5, 7)), sa, za), real(codes(rng, (1, 3, 5, 7)), sb, zb)]
    w.add("add_relu", Case([(sa, za), (sb, zb)], lambda m, a, b: OPS.add_relu(a, b, so, zo)), data)
    w.add("mul_relu", Case([(sa, za), (sb, zb)], lambda m, a, b: OPS.mul_relu(a, b, 0.3, zo)), data)
    gate = real(codes(rng, (1, 3, 1, 1)), sb, zb)
    w.add("mul_broadcast", Case([(sa, za), (sb, zb)], lambda m, a, b: OPS.mul(a, b, 0.3, zo)),
          [data[0], gate], engines=("fbgemm",))
    w.add("add_scalar", Case([(0.05, 63)], lambda m, a: OPS.add_scalar(a, 0.731)),
          [real(every_code((1, 256)), 0.05, 63)])
    w.add("add_scalar_requantized", Case([(0.05, 63)], lambda m, a: OPS.add_scalar(a, 30.0)),
          [real(every_code((1, 256)), 0.05, 63)])
    w.add("mul_scalar", Case([(0.05, 63)], lambda m, a: OPS.mul_scalar(a, 1.7)),
          [real(every_code((1, 256)), 0.05, 63)])
    w.add("mul_scalar_negative", Case([(0.05, 63)], lambda m, a: OPS.mul_scalar(a, -0.3)),
          [real(every_code((1, 256)), 0.05, 63)])
    positions(w)
    function_rows(w)
    other_sums(w)
    slopes(w)
    cats(w)


def positions(w):
    """The sum of codes whose result depends on where in the tensor they stand: blocks of 64
    elements dequantize with a fused multiply-add, the rest without."""
    rng = np.random.default_rng(11)
    found = None
    while found is None:
        p = (float(np.float32(rng.uniform(0.02, 0.1))), int(rng.integers(1, 255)),
             float(np.float32(rng.uniform(0.02, 0.1))), int(rng.integers(1, 255)),
             float(np.float32(rng.uniform(0.05, 0.2))), int(rng.integers(60, 200)))
        hits = position_sensitive(*p)
        if len(hits):
            found = (p, hits)
    (sa, za, sb, zb, so, zo), hits = found
    for n in (63, 64, 65, 131):
        pick = hits[np.arange(n) % len(hits)]
        w.add("add_position_n%d" % n, Case([(sa, za), (sb, zb)], lambda m, a,
                                           b: OPS.add(a, b, so, zo)),
              [real(pick[:, 0], sa, za).reshape(1, n), real(pick[:, 1], sb, zb).reshape(1, n)],
              engines=("fbgemm",))
    # 5 channels in channels_last order: the blocks run over NHWC
    n = 5 * 3 * 9
    pick = hits[np.arange(n) % len(hits)].reshape(1, 5, 3, 9, 2)
    w.add("add_position_channels_last",
          Case([(sa, za), (sb, zb)], lambda m, a, b: OPS.add(a, b, so, zo), "channels_last"),
          [real(pick[..., 0], sa, za), real(pick[..., 1], sb, zb)], engines=("fbgemm",))
    # Blocks begin anew in every row of PyTorch's loop.
    for name, shape, body in (
            ("slice", (2, 5, 4, 7), lambda a, b: OPS.add(a[:, 1:], b[:, :-1], so, zo)),
            ("slice_width", (2, 2, 3, 71), lambda a, b: OPS.add(a[..., 1:], b[..., :-1], so, zo)),
            ("mixed", (2, 5, 4, 7), lambda a, b: OPS.add(a, last(b), so, zo)),
            ("gate", (2, 5, 8, 9), lambda a, b: OPS.add(a, b[:1, :, :1, :1], so, zo)),
            ("gate_first", (2, 5, 8, 9), lambda a, b: OPS.add(a[:1, :, :1, :1], b, so, zo)),
            ("gate_channels_last", (2, 70, 2, 2),
             lambda a, b: OPS.add(last(a), last(b)[:1, :, :1, :1], so, zo)),
            ("transposed", (2, 3, 8, 9),
             lambda a, b: OPS.add_relu(a.transpose(1, 2), b.transpose(1, 2), so, zo))):
        pick = hits[np.arange(np.prod(shape)) % len(hits)].reshape(*shape, 2)
        w.add("add_rows_" + name,
              Case([(sa, za), (sb, zb)], lambda m, a, b, body=body: body(a, b)),
              [real(pick[..., 0], sa, za), real(pick[..., 1], sb, zb)], engines=("fbgemm",))


def last(x):
    return x.contiguous(memory_format=torch.channels_last)


def function_rows(w):
    """Functions of one value restart their blocks in every row too, that of floats as well, but
    leaky_relu, which copies its input. The codes are those whose result depends on the block."""
    shape = (2, 3, 8, 9)
    every = torch.arange(256, dtype=torch.uint8)
    for name, scale, zero, body in (
            ("elu", 0.014, 149, lambda q: OPS.elu(q, 0.028, 31, 1.3)),
            ("leaky_relu", 0.097, 168, lambda q: OPS.leaky_relu(q, 0.125, False, 0.194, 99)),
            ("hardswish", 0.03, 99, lambda q: OPS.hardswish(q, 0.03, 11))):
        def result(codes_, scale=scale, zero=zero, body=body):
            q = torch._make_per_tensor_quantized_tensor(codes_.clone(), scale, zero)
            return body(q).int_repr().numpy()
        alone = np.concatenate([result(every[i:i + 32]) for i in range(0, 256, 32)])
        hits = np.flatnonzero(alone != result(every))
        x = real(hits[np.arange(np.prod(shape)) % len(hits)].reshape(shape), scale, zero)
        w.add("rows_" + name, Case([(scale, zero)], lambda m, q, body=body: body(q[:, 1:])), [x],
              engines=("fbgemm",))

    class Sigmoid(nn.Module):
        def forward(self, v):
            return torch.sigmoid(v[..., :-1])

    w.add("rows_float_sigmoid",
          Sigmoid(), [(w.rng("rows_float_sigmoid").normal(size=(2, 3, 40)) * 3).astype(np.float32)],
          engines=("fbgemm",))


def other_sums(w):
    """QNNPACK adds quint8 operands of equal sizes; PyTorch computes other sums itself."""
    sa, za, sb, zb, so, zo = 0.031, 100, 0.027, 90, 0.05, 111
    rng = w.rng("other_sums")
    x, y = real(codes(rng, (2, 3, 4, 5)), sa, za), real(codes(rng, (2, 3, 4, 5)), sb, zb)
    for name, body in (("gate", lambda a, b: OPS.add(a, b[:1, :, :1, :1], so, zo)),
                       ("rank", lambda a, b: OPS.add_relu(a[:1], b[0], so, zo)),
                       ("vector", lambda a, b: OPS.add(a.flatten(1), b[0].flatten(), so, zo))):
        w.add("add_sizes_" + name,
              Case([(sa, za), (sb, zb)], lambda m, a, b, body=body: body(a, b)), [x, y])

    class Signed(nn.Module):
        def forward(self, a, b):
            a = torch.quantize_per_tensor(a, sa, 3, torch.qint8)
            b = torch.quantize_per_tensor(b, sb, -20, torch.qint8)
            return torch.dequantize(OPS.add(a, b, so, 11))

    w.add("add_int8", Signed(), [x, y])


def slopes(w):
    """quantized::prelu multiplies codes; the slopes' code of 1 saturates where their scale is
    small."""
    x = real(codes(w.rng("slopes"), (2, 6, 4, 5)), 0.05, 120)
    for name, scale, zero, count, kind in (("per_channel", 0.013, 20, 6, torch.quint8),
                                           ("one", 0.01, 100, 1, torch.quint8),
                                           ("saturated", 0.001, 128, 6, torch.quint8),
                                           ("tiny", 1e-12, 128, 1, torch.quint8)):
        reach = min(1.0, 100 * scale)
        alpha = torch.quantize_per_tensor(torch.linspace(-0.2 * reach, reach, count), scale, zero,
                                          kind)

        class Prelu(nn.Module):
            def __init__(self, alpha=alpha):
                super().__init__()
                self.register_buffer("alpha", alpha)

            def forward(self, v):
                q = torch.quantize_per_tensor(v, 0.05, 120, torch.quint8)
                return torch.dequantize(OPS.prelu(q, self.alpha, 0.03, 90))

        w.add("prelu_" + name, Prelu(), [x])


def cats(w):
    rng = w.rng("cat")
    for tag, layout, p, so, zo in (("generic", "contiguous", ((0.1, 77), (0.05, 140), (0.2, 3)),
                                    0.13, 101), ("same", "contiguous", ((0.1, 77),) * 3, 0.1, 77),
                                   ("ties_channels_last", "channels_last",
                                    ((0.25, 100), (0.125, 131), (0.5, 1)), 0.5, 127)):
        data = [real(codes(rng, (1, c, 4, 9)), s, z) for c, (s, z) in zip((3, 8, 5), p)]
        w.add("cat_" + tag, Case(p, lambda m, a, b, c, so=so, zo=zo: OPS.cat([a, b, c], 1, so, zo),
                                 layout), data)


def activations(w):
    for scale, zero, tag in ((0.05, 120, "generic"), (0.25, 131, "steep")):
        x = [real(every_code(), scale, zero)]
        p = [(scale, zero)]

        def one(name, body, engines=("fbgemm", "qnnpack"), both=False):
            if tag == "steep" and not both:
                return
            w.add("%s_%s" % (name, tag), Case(p, body), x, engines=engines)

        one("relu", lambda m, q: F.relu(q))
        one("relu6", lambda m, q: F.relu6(q), ("fbgemm",))
        one("hardtanh", lambda m, q: F.hardtanh(q, -1.125, 2.375), ("fbgemm",))
        one("clamp", lambda m, q: torch.clamp(q, -0.7, 3.1), ("fbgemm",))
        one("hardswish", lambda m, q: OPS.hardswish(q, 0.047, 11), both=True)
        one("hardsigmoid", lambda m, q: F.hardsigmoid(q), both=True)
        one("sigmoid", lambda m, q: torch.sigmoid(q), both=True)
        one("sigmoid_scaled", lambda m, q: OPS.sigmoid(q, 0.0051, 3), ("fbgemm",))
        one("tanh", lambda m, q: torch.tanh(q), both=True)
        one("elu", lambda m, q: OPS.elu(q, 0.06, 31, 1.3), both=True)
        one("leaky_relu", lambda m, q: OPS.leaky_relu(q, 0.1, False, 0.07, 99))
    rng = w.rng("activations")
    x = real(codes(rng, (2, 3, 4, 5)), 0.05, 120)
    alpha = torch.quantize_per_tensor(torch.tensor([0.25, -0.1, 0.6]), 0.01, 20, torch.quint8)

    class Prelu(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("alpha", alpha)

        def forward(self, v):
            q = torch.quantize_per_tensor(v, 0.05, 120, torch.quint8)
            return torch.dequantize(OPS.prelu(q, self.alpha, 0.04, 90))

    w.add("prelu", Prelu(), [x], engines=("fbgemm",))
    w.add("softmax", Case([(0.1, 120)], lambda m, q: OPS.softmax(q, 1, 1 / 256, 0)),
          [real(codes(rng, (5, 11)), 0.1, 120)], engines=("fbgemm",))


# ---- pools, mean, resizing -----------------------------------------------------------------------

def pools(w):
    for layout in ("contiguous", "channels_last"):
        end = "" if layout == "contiguous" else "_channels_last"
        for tag, zero, shape, window, fields in (
                ("2x2_odd", 131, (1, 3, 4, 6), 2, {}), ("2x2_even", 128, (1, 3, 4, 6), 2, {}),
            ("3x3_s1_pad", 77, (2, 9, 5, 4), 3, {"stride": 1, "padding": 1}),
                ("3x2_s12_notcounted", 77, (1, 17, 6, 7), (3, 2),
                 {"stride": (1, 2), "padding": (1, 1), "count_include_pad": False}),
                ("3x3_ceil", 131, (1, 5, 6, 6), 3, {"stride": 2, "ceil_mode": True}),
            ("2x2_divisor", 131, (1, 4, 4, 5), 2, {"divisor_override": 3})):
            name = "avg_pool2d_%s%s" % (tag, end)
            x = real(codes(w.rng(name), shape), 0.05, zero)
            engines = (("fbgemm", "qnnpack")
                       if "count_include_pad" not in fields and "divisor_override" not in fields
                       and "ceil_mode" not in fields else ("fbgemm",))
            w.add(name, Case([(0.05, zero)], lambda m, q, window=window,
                             fields=fields: F.avg_pool2d(q, window, **fields), layout), [x],
                  engines=engines)
        # sums of two that run over all values: every second average is a tie
        x = np.stack([np.arange(256), np.full(256, 128)], 1).reshape(1, 2, 128, 2)
        w.add("avg_pool2d_ties" + end, Case([(0.5, 129)], lambda m, q: F.avg_pool2d(q, (1, 2)),
                                            layout), [real(x, 0.5, 129)])
        for tag, shape, size in (("1", (1, 9, 5, 6), 1), ("3x5", (1, 7, 8, 9), (3, 5)),
                                 ("2_ties", (2, 3, 4, 4), 2)):
            name = "adaptive_avg_pool2d_%s%s" % (tag, end)
            x = real(codes(w.rng(name), shape), 0.05, 131)
            w.add(name, Case([(0.05, 131)], lambda m, q, size=size: F.adaptive_avg_pool2d(q, size),
                             layout), [x])
        name = "mean_hw" + end
        x = real(codes(w.rng(name), (2, 5, 4, 4)), 0.05, 131)
        w.add(name, Case([(0.05, 131)], lambda m, q: torch.mean(q, (2, 3)), layout), [x])
        w.add(name.replace("hw", "hw_keep"),
              Case([(0.05, 131)], lambda m, q: torch.mean(q, (2, 3), True), layout), [x])
        for tag, shape, window, fields in (("2x2", (1, 3, 4, 6), 2, {}),
                                           ("3x3_s1_pad", (1, 17, 5, 4), 3,
                                            {"stride": 1, "padding": 1}),
                                           ("ceil_dilated", (1, 5, 8, 8), 2,
                                            {"stride": 2, "dilation": 2, "ceil_mode": True})):
            name = "max_pool2d_%s%s" % (tag, end)
            x = real(codes(w.rng(name), shape), 0.05, 131)
            w.add(name, Case([(0.05, 131)], lambda m, q, window=window,
                             fields=fields: F.max_pool2d(q, window, **fields), layout), [x])
        for tag, mode, fields in (("nearest", "nearest", {"scale_factor": 2.0}),
                                  ("nearest_size", "nearest", {"size": (7, 5)}),
                                  ("bilinear", "bilinear",
                                   {"scale_factor": 2.0, "align_corners": False}),
                                  ("bilinear_size", "bilinear",
                                   {"size": (7, 5), "align_corners": False}),
                                  ("bilinear_corners", "bilinear",
                                   {"size": (5, 6), "align_corners": True})):
            name = "upsample_%s%s" % (tag, end)
            x = real(codes(w.rng(name), (1, 9, 3, 4)), 0.05, 131)
            w.add(name, Case([(0.05, 131)], lambda m, q, mode=mode,
                             fields=fields: F.interpolate(q, mode=mode, **fields), layout), [x])
        # QNNPACK's mean takes axes that are written (2, 3) and no others.
        x = real(codes(w.rng("mean_axes"), (3, 40, 6, 6)), 0.05, 131)
        w.add("mean_axes" + end, Case([(0.05, 131)], lambda m, q: torch.cat(
            [torch.mean(q, (-2, -1)).dequantize(), torch.mean(q, (3, 2), True).flatten(1)
             .dequantize(), torch.mean(q, (2, 3)).dequantize()], 1), layout), [x])
    # Nor do its tables take qint8.
    x = real(every_code() - 128, 0.05, -8)
    w.add("tables_of_qint8", Signed(lambda q: torch.cat(
        [OPS.hardswish(q, 0.04, 7).dequantize(), OPS.sigmoid(q, 1 / 256, -128).dequantize(),
         torch.tanh(q).dequantize(), F.hardsigmoid(q).dequantize()])), [x])
    x = real(codes(w.rng("mean_last"), (3, 4, 8)), 0.05, 131)
    w.add("mean_last", Case([(0.05, 131)], lambda m, q: torch.mean(q, (2,))), [x])


# ---- norms, shapes, float tails ------------------------------------------------------------------

def norms(w):
    rng = w.rng("norms")

    class BatchNorm(nn.Module):
        def __init__(self, relu):
            super().__init__()
            self.relu = relu
            for name, low, high in (("weight", 0.5, 1.5), ("bias", -1, 1), ("mean", -1, 1),
                                    ("var", 0.5, 2)):
                self.register_buffer(name, torch.from_numpy(rng.uniform(low, high,
                        5).astype(np.float32)))

        def forward(self, v):
            q = torch.quantize_per_tensor(v, 0.05, 120, torch.quint8)
            op = OPS.batch_norm2d_relu if self.relu else OPS.batch_norm2d
            return torch.dequantize(op(q, self.weight, self.bias, self.mean, self.var, 1e-5, 0.06,
                                       115))

    x = real(codes(rng, (2, 5, 3, 4)), 0.05, 120)
    w.add("batch_norm2d", BatchNorm(False), [x])
    w.add("batch_norm2d_relu", BatchNorm(True), [x])
    x = real(codes(rng, (2, 6, 3, 4)), 0.05, 120)
    weight, bias = (torch.from_numpy(rng.uniform(0.5, 1.5, 6).astype(np.float32)) for _ in range(2))
    close = {"expect": "close", "engines": ("fbgemm",),
             "note": "float sums in the order of the framework's vector code"}
    w.add("group_norm", Case([(0.05, 120)], lambda m,
                             q: OPS.group_norm(q, 3, weight, bias, 1e-5, 0.03, 100)), [x], **close)
    w.add("instance_norm", Case([(0.05, 120)], lambda m,
                                q: OPS.instance_norm(q, weight, bias, 1e-5, 0.03, 100)), [x],
          **close)
    x = real(codes(rng, (3, 6)), 0.05, 120)
    w.add("layer_norm", Case([(0.05, 120)], lambda m,
                             q: OPS.layer_norm(q, [6], weight, bias, 1e-5, 0.03, 100)), [x],
          **close)


def shapes(w):
    rng = w.rng("shapes")
    x = real(codes(rng, (2, 6, 3, 4)), 0.05, 120)

    def one(name, body, layout="contiguous", engines=("fbgemm", "qnnpack")):
        w.add(name, Case([(0.05, 120)], body, layout), [x], engines=engines)

    one("flatten", lambda m, q: torch.flatten(q, 1))
    one("flatten_channels_last", lambda m, q: torch.flatten(q, 1), "channels_last")
    one("reshape", lambda m, q: q.reshape(q.size(0), -1, 4))
    one("permute", lambda m, q: q.permute(0, 2, 3, 1).contiguous())
    one("transpose", lambda m, q: q.transpose(1, 2).contiguous())
    one("pad_constant", lambda m, q: F.pad(q, [1, 2, 0, 3]))
    one("pad_reflect", lambda m, q: F.pad(q, [1, 2, 1, 1], "reflect"))
    one("chunk", lambda m, q: OPS.cat(list(q.chunk(2, 1))[::-1], 1, 0.05, 120))
    one("channel_shuffle", lambda m, q: q.view(2, 2, 3, 3, 4).transpose(1, 2).contiguous().view(2,
            6, 3, 4))
    w.add("tail_softmax", Case([(0.05, 120)], lambda m, q: torch.softmax(torch.dequantize(q), 1)),
          [real(codes(rng, (3, 10)), 0.05, 120)], engines=("fbgemm",), expect="close",
          note="float operator after the quantized part")
    w.add("tail_log_softmax", Case([(0.05, 120)], lambda m,
                                   q: torch.log_softmax(torch.dequantize(q), 1)),
          [real(codes(rng, (3, 10)), 0.05, 120)], engines=("fbgemm",),
          expect="close", note="float operator after the quantized part")
    w.add("tail_sigmoid", Case([(0.05, 120)], lambda m, q: torch.sigmoid(torch.dequantize(q))),
          [real(every_code((1, 256)), 0.05, 120)], engines=("fbgemm",), expect="close",
          note="float operator after the quantized part")


def sums(w):
    """Means of tensors whose averages lie at or next to the middle between two codes: the order of
    the float sum decides. And tables with odd zero points."""
    for name, layout, shape, axes, keep in (("mean_hw_order", "channels_last", (2, 45, 5, 7),
                                             (2, 3), False),
                                            ("mean_hw_order_narrow", "channels_last", (2, 6, 7, 5),
                                             (2, 3), True),
                                            ("mean_w_order", "channels_last", (1, 17, 5, 8), (3,),
                                             False),
                                            ("mean_c_order", "contiguous", (1, 40, 9, 9), (1,),
                                             True),
                                            ("mean_c_order", "channels_last", (1, 44, 9, 9), (1,),
                                             False)):
        name += "_channels_last" if layout == "channels_last" else ""
        rng = w.rng(name)
        q = rng.integers(0, 256, shape)
        # The last reduced element makes the sum an odd multiple of half the count, where the codes
        # allow it.
        n = int(np.prod([shape[a] for a in axes]))
        first = np.moveaxis(q, axes, range(len(axes))).reshape(n, -1)
        off = (first.sum(0) - n // 2) % n
        first[-1] = np.where(first[-1] >= off, first[-1] - off,
                             np.minimum(first[-1] + n - off, 255))
        q = np.moveaxis(first.reshape([shape[a] for a in axes]
                                      + [e for i, e in enumerate(shape) if i not in axes]),
                        range(len(axes)), axes)
        for scale in (0.1593,):
            w.add(name, Case([(scale, 131)], lambda m, v, axes=axes,
                             keep=keep: torch.mean(v, axes, keep), layout), [real(q, scale, 131)])
    for zero_in, zero_out in ((133, 165), (47, 83)):
        w.add("hardswish_ties_%d" % zero_out,
              Case([(0.0625, zero_in)], lambda m, q, z=zero_out: OPS.hardswish(q, 0.015625, z)),
              [real(every_code(), 0.0625, zero_in)])
    # Ties that the reciprocal of the binary64 scale breaks the other way.
    for scale in (0.03, 0.021):
        w.add("hardswish_reciprocal_%d" % (scale * 1000),
              Case([(scale, 101)], lambda m, q: OPS.hardswish(q, 0.03, 91)),
              [real(every_code(), scale, 101)], engines=("fbgemm",))
    for tag, n in (("n64", 64), ("n65", 65), ("n63", 63)):
        x = real(np.resize(np.arange(0, 256, 3), (1, n)), 0.0371, 77)
        w.add("sigmoid_position_" + tag,
              Case([(0.0371, 77)], lambda m, q: OPS.sigmoid(q, 0.00391, 1)), [x],
              engines=("fbgemm",))
    # count_include_pad, an odd zero point and ties: sums of two and four over codes of one parity
    for layout in ("contiguous", "channels_last"):
        x = np.resize(np.arange(0, 256, 2), (1, 9, 6, 6)) + np.arange(6).reshape(1, 1, 1, 6) % 2
        w.add("avg_pool2d_ties_pad" + ("" if layout == "contiguous" else "_channels_last"),
              Case([(0.25, 77)], lambda m, q: F.avg_pool2d(q, 2, 2, 1), layout),
              [real(np.minimum(x, 255), 0.25, 77)])


# ---- what stands around quantized layers ---------------------------------------------------------

CLOSE = {"expect": "close", "engines": ("fbgemm",),
         "note": "float sums and functions in the order of the framework's vector code"}


def scalars(w):
    """What FX writes: the operator of two tensors with a number instead of the second."""
    x = [real(every_code((1, 256)), 0.05, 63)]
    for name, body in (("add_fx", lambda m, q: OPS.add(q, 0.731)),
                       ("add_relu_fx", lambda m, q: OPS.add_relu(q, -2.3)),
                       ("mul_fx", lambda m, q: OPS.mul(q, 0.25)),
                       ("mul_relu_fx", lambda m, q: OPS.mul_relu(q, -1.5))):
        w.add(name, Case([(0.05, 63)], body), x)


def moves(w):
    """Operators that move, pick and search codes."""
    rng = w.rng("moves")
    x = real(codes(rng, (2, 8, 4, 6)), 0.05, 120)
    index = torch.tensor([3, 0, 0, 7])
    for name, body in (("stack", lambda m, q: torch.stack([q, torch.relu(q)], 1)),
                       ("flip", lambda m, q: torch.flip(q, [1, 3])),
                       ("expand", lambda m, q: q[:, :1].expand(-1, 5, -1, -1).contiguous()),
                       ("repeat", lambda m, q: q.repeat(1, 2, 1, 3)),
                       ("index_select", lambda m, q: torch.index_select(q, 1, index)),
                       ("slice_step", lambda m, q: q[:, 1::3, ::2]),
                       ("max", lambda m, q: torch.max(q).reshape(1)),
                       ("pixel_unshuffle", lambda m, q: F.pixel_unshuffle(q, 2)),
                       ("unflatten", lambda m, q: q.unflatten(1, (2, 4))),
                       ("masked_fill", lambda m, q: q.masked_fill(MASK, 0.33)),
                       ("index_put_codes", lambda m, q: torch.index_put(q, (MASK,),
                                                                        torch.tensor(0.33))),
                       ("index_put_rows", lambda m, q: torch.index_put(
                           q.dequantize(), (MASK[:, :, 0, 0],), MASK[0, 0] * 0.5)),
                       ("threshold", lambda m, q: F.threshold(q, 0.12, 0.77)),
                       ("leaky_relu_plain", lambda m, q: F.leaky_relu(q, 0.2)),
                       ("adaptive_max_pool2d", lambda m, q: F.adaptive_max_pool2d(q.dequantize(),
                                                                                 (3, 2))),
                       ("topk", lambda m, q: torch.topk(q.dequantize().flatten(1), 5)[0]),
                       ("argmax", lambda m, q: torch.argmax(q.dequantize(), 1).float()),
                       ("amax", lambda m, q: torch.amax(q.dequantize(), (2, 3))),
                       ("roll", lambda m, q: torch.roll(q.dequantize(), (1, -2), (2, 3))),
                       ("pixel_shuffle", lambda m, q: F.pixel_shuffle(q.dequantize(), 2)),
                       ("pad_replicate", lambda m, q: F.pad(q.dequantize(), [1, 2, 0, 3],
                                                            "replicate")),
                       ("pad_circular", lambda m, q: F.pad(q.dequantize(), [1, 2, 2, 1],
                                                           "circular")),
                       ("where", lambda m, q: torch.where(q.dequantize() > 0.5, q.dequantize(),
                                                          0.25)),
                       ("maximum", lambda m, q: torch.maximum(q.dequantize(),
                                                              q.dequantize().flip(3)))):
        w.add(name, Case([(0.05, 120)], body), [x], engines=("fbgemm",))
    line = real(codes(rng, (2, 5, 9)), 0.05, 120)
    for name, body in (("max_pool1d", lambda m, q: F.max_pool1d(q, 3, 2, 1)),
                       ("avg_pool1d", lambda m, q: F.avg_pool1d(q, 2)),
                       ("adaptive_avg_pool1d", lambda m, q: F.adaptive_avg_pool1d(q, 3))):
        w.add(name, Case([(0.05, 120)], body), [line], engines=("fbgemm",))


def order_of_ties(w):
    """Of equal elements PyTorch's algorithms decide which come first; running sums in binary64."""
    rng = w.rng("order_of_ties")
    x = real(rng.integers(100, 140, (2, 160)), 0.05, 120)
    for name, body in (
            ("topk_few", lambda q: torch.topk(q, 2)[1]),
            ("topk_many", lambda q: torch.topk(q, 60)[1]),
            ("topk_smallest", lambda q: torch.topk(q, 60, largest=False)[1]),
            ("topk_unsorted", lambda q: torch.topk(q, 60, sorted=False)[1]),
            ("topk_floats", lambda q: torch.topk(q.dequantize().log(), 130)[1]),
            ("topk_axis", lambda q: torch.topk(q, 2, 0)[1]),
            ("sort", lambda q: torch.sort(q)[1]),
            ("sort_descending", lambda q: torch.sort(q.dequantize(), descending=True)[1]),
            ("sort_stable", lambda q: torch.sort(q.dequantize(), stable=True)[1]),
            ("argsort", lambda q: torch.argsort(q.dequantize())),
            ("msort", lambda q: torch.msort(q.dequantize())),
            ("cumsum", lambda q: torch.cumsum(q.dequantize() * 0.1, 1)),
            ("cumprod", lambda q: torch.cumprod(q.dequantize() * 0.7 + 1, 1))):
        w.add("ties_" + name, Case([(0.05, 120)], lambda m, q, body=body: body(q)), [x],
              engines=("fbgemm",))


MASK = torch.arange(2 * 8 * 4 * 6).reshape(2, 8, 4, 6) % 3 == 0


def large_norms(w):
    """Channels-last images whose sums of squared codes pass 2^24."""
    rng = w.rng("large_norms")
    x = real(rng.integers(100, 256, (1, 4, 26, 30)), 0.05, 120)
    weight, bias = (torch.from_numpy(rng.uniform(0.5, 1.5, 4).astype(np.float32))
                    for _ in range(2))
    for layout in ("contiguous", "channels_last"):
        w.add("instance_norm_large_" + layout,
              Case([(0.05, 120)], lambda m, q: OPS.instance_norm(q, weight, bias, 1e-5, 0.02, 100),
                   layout), [x], engines=("fbgemm",))
    line = real(codes(rng, (2, 6, 13), 128), 0.05, 61)
    op = quantized.Conv1d(6, 5, 3)
    op.set_weight_bias(weights(rng, (5, 6, 3), True), torch.zeros(5))
    op.scale, op.zero_point = 0.3, 63
    w.add("conv1d_mean", Case([(0.05, 61)], lambda m, q: m.op(q).mean(2), children={"op": op}),
          [line])


def volumes(w):
    rng = w.rng("volumes")
    for tag, groups, stride, relu in (("conv3d", 1, (1, 1, 1), False), ("conv3d_s2_g2", 2,
                                                                        (2, 1, 2), True)):
        op = (fused.ConvReLU3d if relu else quantized.Conv3d)(4, 6, (3, 2, 3), stride=stride,
                                                               padding=(1, 0, 1), groups=groups)
        op.set_weight_bias(weights(rng, (6, 4 // groups, 3, 2, 3), True),
                           torch.from_numpy(rng.normal(0, 1, 6).astype(np.float32)))
        op.scale, op.zero_point = 0.6, 63
        w.add(tag, Case([(0.05, 61)], lambda m, q: m.op(q), children={"op": op}),
              [real(codes(rng, (1, 4, 4, 3, 5), 128), 0.05, 61)], freeze=True,
              engines=("fbgemm",))
    for tag, groups, fields in (
            ("conv_transpose3d", 1, {"stride": (2, 1, 2), "padding": (1, 0, 1)}),
            ("conv_transpose3d_g2", 2, {"dilation": (2, 1, 1), "padding": (0, 1, 0)}),
            ("conv_transpose3d_extra", 1, {"stride": 2, "output_padding": 1, "bias": False})):
        rng = w.rng(tag)
        op = quantized.ConvTranspose3d(4, 6, (3, 2, 3), groups=groups, **fields)
        bias = torch.from_numpy(rng.normal(0, 1, 6).astype(np.float32))
        op.set_weight_bias(weights(rng, (4, 6 // groups, 3, 2, 3), False),
                           bias if "bias" not in fields else None)
        op.scale, op.zero_point = 0.6, 63
        w.add(tag, Case([(0.05, 61)], lambda m, q: m.op(q), children={"op": op}),
              [real(codes(rng, (2, 4, 3, 3, 5), 128), 0.05, 61)], engines=("fbgemm",))
        made = nn.ConvTranspose3d(4, 6, (3, 2, 3), groups=groups, **{
            k: v for k, v in fields.items() if k != "dilation"})
        for p in made.parameters():
            p.requires_grad_(False).copy_(torch.from_numpy(
                rng.uniform(-1, 1, tuple(p.shape)).astype(np.float32)))
        w.add("float_" + tag, Case([(0.05, 61)], lambda m, q: m.op(q.dequantize()),
                                   children={"op": made.eval()}),
              [real(codes(rng, (2, 4, 3, 3, 5), 128), 0.05, 61)], tolerance=1e-5, **CLOSE)


def layers_of_onednn(w):
    """Layers with something behind them, which the engine onednn alone has."""
    rng = w.rng("layers_of_onednn")
    for tag, relu, groups in (("conv2d_add", False, 1), ("conv2d_add_relu", True, 1),
                              ("conv2d_add_groups", False, 2)):
        torch.backends.quantized.engine = "onednn"
        op = (fused.ConvAddReLU2d if relu else fused.ConvAdd2d)(6, 8, 3, padding=1, groups=groups)
        op.set_weight_bias(weights(rng, (8, 6 // groups, 3, 3), True, low=-127),
                           torch.from_numpy(rng.normal(0, 1, 8).astype(np.float32)))
        op.scale, op.zero_point = 0.11, 63
        w.add("onednn_" + tag, Case([(0.05, 61), (0.037, 101)], lambda m, q, r: m.op(q, r),
                                    children={"op": op}),
              [real(codes(rng, (2, 6, 5, 7), 128), 0.05, 61),
               real(codes(rng, (2, 8, 5, 7)), 0.037, 101)], engines=("onednn",))
    for tag in ("leaky_relu", "tanh"):
        torch.backends.quantized.engine = "onednn"
        op = (fused.LinearTanh(19, 8) if tag == "tanh" else fused.LinearLeakyReLU(19, 8, 0.13))
        op.set_weight_bias(weights(rng, (8, 19), False, low=-127),
                           torch.from_numpy(rng.normal(0, 1, 8).astype(np.float32)))
        op.scale, op.zero_point = (1 / 128, 128) if tag == "tanh" else (0.09, 51)
        w.add("onednn_linear_" + tag, Case([(0.01, 61)], lambda m, q: m.op(q),
                                           children={"op": op}),
              [real(codes(rng, (9, 19), 128), 0.01, 61)], engines=("onednn",))
    torch.backends.quantized.engine = "fbgemm"


def formats(w):
    """Operators whose result has another memory format than their channels-last input, and views
    that keep it: an average pool tells by its rounding."""
    rng = w.rng("formats")
    x = real(codes(rng, (2, 8, 5, 4)), 0.03, 61)
    index, below = torch.tensor([0, 5, 2]), torch.arange(4) > 2

    def case(name, body):
        def pooled(m, q):
            y = body(q)
            if not y.is_quantized:
                y = torch.quantize_per_tensor(y, 0.02, 91, torch.quint8)
            return F.avg_pool2d(y, 2, 1)
        w.add("format_" + name, Case([(0.03, 61)], pooled, "channels_last"), [x],
              engines=("fbgemm",))

    def heads(q):
        n, c, h, wide = q.shape
        return q.flatten(2).transpose(1, 2).transpose(1, 2).reshape(n, c, h, wide)

    for name, body in (
            ("elu", lambda q: OPS.elu(q, 0.03, 91)),
            ("pixel_shuffle", lambda q: F.pixel_shuffle(q, 2)),
            ("pixel_unshuffle", lambda q: F.pixel_unshuffle(q[:, :, :4], 2)),
            ("reflect", lambda q: F.pad(q, (1, 2, 1, 0), mode="reflect")),
            ("clone", lambda q: q.clone()),
            ("clone_preserved", lambda q: q.clone(memory_format=torch.preserve_format)),
            ("masked_fill", lambda q: q.masked_fill(below, 0.33)),
            ("index_select", lambda q: q.index_select(1, index)),
            ("index", lambda q: q[:, index]),
            ("index_batch", lambda q: q[torch.tensor([1, 0, 1])]),
            ("index_rows", lambda q: q[:, :, index % 5]),
            ("flatten_unflatten", lambda q: q.flatten(2).unflatten(2, (4, 5))),
            ("heads", heads),
            ("stack", lambda q: torch.stack([q, torch.relu(q)], 1).flatten(1, 2)),
            ("stack_inner", lambda q: torch.stack([q, torch.relu(q)], 2).flatten(1, 2)),
            ("mul_first", lambda q: OPS.mul(q.mean((2, 3), keepdim=True), q, 0.04, 91)),
            ("mul_second", lambda q: OPS.mul(q, q.mean((2, 3), keepdim=True), 0.04, 91)),
            ("float_pixel_shuffle", lambda q: F.relu(F.pixel_shuffle(q.dequantize(), 2))),
            ("float_reflect", lambda q: F.pad(q.dequantize(), (1, 2, 1, 0), mode="reflect")),
            ("float_circular", lambda q: F.pad(q.dequantize(), (1, 2, 1, 0), mode="circular")),
            ("float_masked_fill", lambda q: q.dequantize().masked_fill(below, 0.33)),
            ("float_index_rows", lambda q: q.dequantize()[:, :, index % 5])):
        case(name, body)
    for name, op in (("float_layer_norm", nn.LayerNorm([4], elementwise_affine=False)),
                     ("float_group_norm", nn.GroupNorm(2, 8, affine=False))):
        case(name, lambda q, op=op: op(q.dequantize()))


def numbers(w):
    """Element types of arithmetic on bools and whole numbers; numbers that are computed."""
    rng = w.rng("numbers")
    x = real(codes(rng, (2, 6, 3, 4)), 0.05, 120)
    scale = nn.Parameter(torch.tensor(0.3), requires_grad=False)

    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = scale

        def forward(self, v):
            return v * self.scale.sqrt() + self.scale * 2

    class Cell(nn.Module):
        def __init__(self, kind):
            super().__init__()
            self.cell = kind(4, 3)
            for p in self.cell.parameters():
                p.requires_grad_(False).copy_(torch.from_numpy(
                    rng.uniform(-0.5, 0.5, tuple(p.shape)).astype(np.float32)))

        def forward(self, v):
            rows = v[:, 0, 0], torch.zeros(2, 3)
            y = self.cell(rows[0], (rows[1], rows[1]) if isinstance(self.cell, nn.LSTMCell)
                          else rows[1])
            return y[0] if isinstance(y, tuple) else y

    positive = lambda v: v > 0
    largest = lambda v: torch.argmax(v, 1)
    for name, body in (
            ("bool_times_2", lambda v: positive(v) * 2),
            ("bool_minus", lambda v: positive(v) * -1),
            ("bool_equal_2", lambda v: positive(v) == 2),
            ("bool_remainder", lambda v: positive(v) % 2),
            ("bool_times_bool", lambda v: positive(v) * (v < 1)),
            ("bool_plus_bool", lambda v: positive(v) + (v < -1)),
            ("bool_times_real", lambda v: positive(v) * 0.3),
            ("bool_sum_float", lambda v: positive(v).sum(1, dtype=torch.float32)),
            ("bool_cumsum_float", lambda v: positive(v).cumsum(1, dtype=torch.float32)),
            ("int_floor", lambda v: torch.floor(largest(v))),
            ("int_abs", lambda v: (largest(v) - 3).abs()),
            ("int_square", lambda v: (largest(v) - 3).square()),
            ("int_pow", lambda v: (largest(v) - 3) ** 3),
            ("int_pow_0", lambda v: largest(v) ** 0),
            ("int_where", lambda v: torch.where(positive(v), v.argmax(1, True),
                                                v.argmax(1, True).int())),
            ("int_where_bool", lambda v: torch.where(positive(v), v > 1, v.argmax(1, True))),
            ("int32_times_2", lambda v: largest(v).int() * 2),
            ("floor_divide", lambda v: torch.floor_divide(v, 0.05)),
            ("floor_divide_zero", lambda v: torch.div(v, v.round(), rounding_mode="floor"))):
        w.add("numbers_" + name, Case([(0.05, 120)], lambda m, q, body=body: body(q.dequantize())),
              [x], engines=("fbgemm",))
    for name, child in (("computed_scalar", Scaled()), ("lstm_cell", Cell(nn.LSTMCell)),
                        ("gru_cell", Cell(nn.GRUCell))):
        w.add("numbers_" + name, Case([(0.05, 120)], lambda m, q: m.op(q.dequantize()),
                                      children={"op": child}), [x],
              **({"engines": ("fbgemm",)} if name == "computed_scalar" else CLOSE))
    image = real(codes(rng, (2, 9, 7, 6)), 0.05, 120)
    for layout in ("contiguous", "channels_last"):
        w.add("numbers_global_mean_" + layout,
              Case([(0.05, 120)], lambda m, q: F.adaptive_avg_pool2d(q.dequantize() * 0.3, 1),
                   layout), [image], engines=("fbgemm",))
    line = quantized.Conv1d(6, 5, 3, padding=1, padding_mode="reflect")
    line.set_weight_bias(weights(rng, (5, 6, 3), True), torch.zeros(5))
    line.scale, line.zero_point = 0.3, 63
    w.add("numbers_conv1d_reflect", Case([(0.05, 61)], lambda m, q: m.op(q),
                                         children={"op": line}),
          [real(codes(rng, (2, 6, 13), 128), 0.05, 61)])


def composed(w):
    """Operators that octet makes of others."""
    rng = w.rng("composed")
    x = real(codes(rng, (2, 6, 4, 5)), 0.05, 120)
    weight = torch.from_numpy(rng.uniform(0.5, 1.5, 5).astype(np.float32))
    for name, body in (
            ("view_as", lambda q: q.view_as(torch.zeros(2, 3, 8, 5))),
            ("ravel", lambda q: q.ravel()),
            ("hstack", lambda q: torch.hstack([q, torch.relu(q)])),
            ("vstack", lambda q: torch.vstack([q[0, 0, 0], q[0, 0, 1]])),
            ("dstack", lambda q: torch.dstack([q[0, 0], q[0, 1]])),
            ("tensor_split", lambda q: torch.cat(q.tensor_split(4, 1)[:0:-1], 1)),
            ("tensor_split_at", lambda q: torch.cat(q.tensor_split((1, 4), 1)[::-1], 1)),
            ("fliplr", lambda q: torch.fliplr(q)),
            ("repeat_interleave", lambda q: q.dequantize().repeat_interleave(2, 1)),
            ("swapaxes", lambda q: q.swapaxes(1, 3)),
            ("max_pool2d_image", lambda q: F.max_pool2d(q[0], 2)),
            ("avg_pool2d_image", lambda q: F.avg_pool2d(q.dequantize()[0], 2)),
            ("adaptive_avg_pool2d_image", lambda q: F.adaptive_avg_pool2d(q[0], 2)),
            ("clamp_int", lambda q: q.dequantize().argmax(1).clamp(1, 3)),
            ("relu_int", lambda q: F.relu(q.dequantize().argmax(1) - 2)),
            ("sign", lambda q: torch.sign(q.dequantize())),
            ("trunc", lambda q: torch.trunc(q.dequantize())),
            ("fmod", lambda q: torch.fmod(q.dequantize(), 0.7)),
            ("tril", lambda q: torch.tril(q.dequantize(), 1)),
            ("triu", lambda q: q.dequantize() + torch.triu(torch.ones(4, 5))),
            ("addcdiv", lambda q: torch.addcdiv(q.dequantize(), q.dequantize(), weight)),
            ("outer", lambda q: torch.outer(q.dequantize()[0, 0, 0], weight)),
            ("hardshrink", lambda q: F.hardshrink(q.dequantize(), 1.2)),
            ("softshrink", lambda q: F.softshrink(q.dequantize(), 1.2))):
        w.add("composed_" + name, Case([(0.05, 120)], lambda m, q, body=body: body(q)), [x],
              engines=("fbgemm",))
    for name, body in (("logsumexp", lambda v: v.logsumexp(1)),
                       ("addcmul", lambda v: torch.addcmul(v, v, weight, value=0.3)),
                       ("erf", torch.erf),
                       ("prod", lambda v: v.prod(1)),
                       ("lerp", lambda v: torch.lerp(v, v.flip(3), 0.7)),
                       ("dot", lambda v: torch.dot(v[0, 0, 0], weight).reshape(1)),
                       ("rms_norm", lambda v: F.rms_norm(v, (5,), weight, 1e-5))):
        w.add("composed_" + name, Case([(0.05, 120)], lambda m, q, body=body: body(q.dequantize())),
              [x], **CLOSE)


class Script(nn.Module):
    """Python that a trace would have unrolled."""

    def forward(self, v):
        parts = [v]
        for i in range(1, 4):
            parts += [v * i]
        parts.extend([v + 2 ** 2])
        parts.insert(0, v - 1)
        last = parts.pop()
        pad = [0] * 4
        pad[1] = 2
        scales = {1: 0.5, 2: 0.25}
        sizes = [v.size(1), v.size(2)]
        if str(v.size(1)) == "3":
            last = last * scales[2]
        return torch.cat(parts[::-1], 1) * sum(sizes), F.pad(last, pad)


def scripts(w):
    rng = w.rng("scripts")
    op = torch.jit.script(Script())
    for k, name in enumerate(("lists", "numbers")):
        w.add("script_" + name, Case([(0.05, 120)], lambda m, q, k=k: m.op(q.dequantize())[k],
                                     children={"op": op}),
              [real(codes(rng, (1, 3, 4, 5)), 0.05, 120)], engines=("fbgemm",))


def floats(w):
    """Float operators after a quantized part."""
    rng = w.rng("floats")
    x = real(codes(rng, (2, 6, 4, 5)), 0.05, 120)

    def child(op):
        for p in op.parameters():
            p.requires_grad_(False)
            p.copy_(torch.from_numpy(rng.uniform(-1, 1, tuple(p.shape)).astype(np.float32)))
        return op.eval()

    norm = child(nn.BatchNorm2d(6))
    norm.running_mean.copy_(torch.from_numpy(rng.normal(0, 1, 6).astype(np.float32)))
    norm.running_var.copy_(torch.from_numpy(rng.uniform(0.5, 2, 6).astype(np.float32)))
    for name, op in (("float_conv2d", nn.Conv2d(6, 4, 3, padding=1)),
                     ("float_conv2d_groups", nn.Conv2d(6, 4, (1, 3), stride=2, groups=2)),
                     ("float_depthwise", nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False)),
                     ("float_conv_transpose2d", nn.ConvTranspose2d(6, 3, 2, 2)),
                     ("float_linear", nn.Linear(5, 7)), ("float_layer_norm", nn.LayerNorm([4, 5])),
                     ("float_group_norm", nn.GroupNorm(3, 6)),
                     ("float_instance_norm", nn.InstanceNorm2d(6, affine=True)),
                     ("float_attention", nn.MultiheadAttention(5, 1, batch_first=True))):
        op = child(op)
        if isinstance(op, nn.MultiheadAttention):
            w.add(name, Case([(0.05, 120)],
                             lambda m, q: m.op(q.dequantize().flatten(1, 2),
                                               q.dequantize().flatten(1, 2),
                                               q.dequantize().flatten(1, 2),
                                               need_weights=False)[0],
                             children={"op": op}), [x], **CLOSE)
        else:
            w.add(name, Case([(0.05, 120)], lambda m, q: m.op(q.dequantize()),
                             children={"op": op}), [x], **CLOSE)
    w.add("float_batch_norm", Case([(0.05, 120)], lambda m, q: m.op(q.dequantize()),
                                   children={"op": norm}), [x], **CLOSE)
    for name, body in (("float_silu", F.silu), ("float_mish", F.mish), ("float_gelu", F.gelu),
                       ("float_gelu_tanh", lambda v: F.gelu(v, approximate="tanh")),
                       ("float_softplus", lambda v: F.softplus(v, 2, 3)),
                       ("float_elu", lambda v: F.elu(v, 1.3)), ("float_selu", F.selu),
                       ("float_celu", lambda v: F.celu(v, 0.7)),
                       ("float_glu", lambda v: F.glu(v, 1)),
                       ("float_std", lambda v: v.std((2, 3))),
                       ("float_var", lambda v: v.var(1, unbiased=False, keepdim=True)),
                       ("float_norm", lambda v: F.normalize(v, dim=1)),
                       ("float_norm_1", lambda v: v.norm(1, 2)),
                       ("float_pow", lambda v: v ** 2 + (v.abs() + 1) ** -0.5),
                       ("float_rsub", lambda v: 1.5 - v),
                       ("float_matmul", lambda v: v @ v.transpose(2, 3)),
                       ("float_einsum", lambda v: torch.einsum("bchw,bdhw->bdc", v, v)),
                       ("float_einsum_three", lambda v: torch.einsum("...hw,kw,hj->k...j", v,
                                                                     v[0, 0], v[0, 1])),
                       ("float_einsum_one", lambda v: torch.einsum("bchw->wb", v)),
                       ("float_bilinear", lambda v: F.interpolate(v, size=(7, 9),
                                                                  mode="bilinear")),
                       ("float_bilinear_corners", lambda v: F.interpolate(v, scale_factor=2.0,
                                                                          mode="bilinear",
                                                                          align_corners=True))):
        w.add(name, Case([(0.05, 120)], lambda m, q, body=body: body(q.dequantize())), [x],
              **CLOSE)

    def boxes(m, q):
        y = q.dequantize().sigmoid()
        n, c, h, width = y.shape
        y = y.view(n, 1, c, h, width).permute(0, 1, 3, 4, 2)
        gy, gx = torch.meshgrid(torch.arange(h), torch.arange(width), indexing="ij")
        grid = torch.stack((gx, gy), 2).view(1, 1, h, width, 2).float()
        xy = (y[..., :2] * 2 - 0.5 + grid) * 8
        wh = (y[..., 2:4] * 2) ** 2 * torch.tensor([10., 13]).view(1, 1, 1, 1, 2)
        return torch.cat((xy, wh, y[..., 4:]), -1).view(n, -1, c)
    w.add("float_boxes", Case([(0.05, 120)], boxes), [x], **CLOSE)


def modules(w):
    """What users write around quantized layers (cases_torch_modules.py), traced and, where shapes
    of inputs are recorded in the file, scripted within a trace."""
    rng = w.rng("modules")
    x = real(codes(rng, (2, 6, 4, 5)), 0.05, 120)
    rows = real(codes(rng, (2, 4, 8)), 0.05, 120)
    for name, body in cases_torch_modules.EXACT.items():
        engines = ("fbgemm", "qnnpack") if "pool" in body else ("fbgemm",)
        w.add("module_" + name, cases_torch_modules.module_of(name, body), [x], engines=engines)
    for name in cases_torch_modules.SCRIPTED:
        body = cases_torch_modules.EXACT[name]
        made = torch.jit.script(cases_torch_modules.module_of(name, body))
        w.add("module_%s_script" % name, Inner(made), [x], engines=("fbgemm",))
    for name, body in cases_torch_modules.CLOSE.items():
        w.add("module_" + name, cases_torch_modules.module_of(name, body), [x], tolerance=1e-5,
              **CLOSE)
    for name, made in cases_torch_modules.layered().items():
        for p in made.parameters():
            p.requires_grad_(False).copy_(torch.from_numpy(
                rng.uniform(-0.5, 0.5, tuple(p.shape)).astype(np.float32)))
        w.add("module_" + name, made, [rows], tolerance=1e-5, **CLOSE)
        if name.startswith("packed"):
            torch.backends.quantized.engine = "fbgemm"
            w.add("module_%s_dynamic" % name, torch.ao.quantization.quantize_dynamic(
                made, {nn.LSTM, nn.GRU}, torch.qint8), [rows], tolerance=1e-5, **CLOSE)


def kernels(w):
    """Float operators whose last bits a kernel decides, and bags of embeddings."""
    rng = w.rng("kernels")
    x = real(codes(rng, (2, 6, 4, 5)), 0.05, 120)
    for name, body in cases_torch_modules.KERNELS.items():
        w.add("kernel_" + name, cases_torch_modules.module_of(name, body), [x],
              engines=("fbgemm",))
    for name, body in cases_torch_modules.KERNELS_CLOSE.items():
        w.add("kernel_" + name, cases_torch_modules.module_of(name, body), [x], tolerance=1e-5,
              **CLOSE)

    def parameters(op):
        for p in op.parameters():
            p.requires_grad_(False)
            p.copy_(torch.from_numpy(rng.uniform(-1, 1, tuple(p.shape)).astype(np.float32)))
        return op.eval()

    for name, op in (("conv2d", nn.Conv2d(6, 4, 3, padding=1)),
                     ("conv2d_steps", nn.Conv2d(6, 3, (3, 2), stride=2, bias=False)),
                     ("conv2d_depthwise", nn.Conv2d(6, 6, 3, groups=6))):
        w.add("kernel_" + name, Case([(0.05, 120)], lambda m, q: m.op(q.dequantize()),
                                     children={"op": parameters(op)}), [x], engines=("fbgemm",))
    table = torch.from_numpy(rng.normal(0, 1, (11, 8)).astype(np.float32))
    index = np.array([3, 0, 10, 3, 3, 7, 1], np.int64)
    weights = rng.uniform(-2, 2, 7).astype(np.float32)
    offsets = np.array([0, 2, 2, 5], np.int64)
    # PyTorch 2.15 does not load the 4-bit tables that it saves: those are embedding_bag_4 alone.
    bag = quantized_bag(table)
    w.add("kernel_bag_8", Bags(bag), [index, offsets], engines=("fbgemm",))
    w.add("kernel_bag_8_weights", Bags(bag), [index, offsets, weights], engines=("fbgemm",))
    w.add("kernel_bag_8_rows", Bags(bag), [index[:6].reshape(2, 3)], engines=("fbgemm",))
    for mode, fields in (("sum", {}), ("mean", {"padding_idx": 3}), ("max", {}),
                         ("sum", {"include_last_offset": True})):
        made = nn.EmbeddingBag(11, 8, mode=mode, **fields)
        made.weight.requires_grad_(False).copy_(table)
        name = "kernel_bag_" + mode + "".join("_" + key.split("_")[1] for key in fields)
        w.add(name, Bags(made), [index, offsets], engines=("fbgemm",))
        if mode == "sum" and not fields:
            w.add(name + "_weights", Bags(made), [index, offsets, weights], engines=("fbgemm",))


def quantized_bag(table):
    holder = nn.Module()
    holder.bag = nn.EmbeddingBag(11, 8, mode="sum")
    holder.bag.weight.requires_grad_(False).copy_(table)
    holder.bag.qconfig = torch.ao.quantization.float_qparams_weight_only_qconfig
    holder.eval()
    torch.ao.quantization.prepare(holder, inplace=True)
    torch.ao.quantization.convert(holder, inplace=True)
    return holder.bag


class Bags(nn.Module):
    """Bags of a table, of which the offsets and each sample's weight are inputs."""

    def __init__(self, bag):
        super().__init__()
        self.bag = bag
        self.eval()

    def forward(self, i, offsets=None, weights=None):
        return self.bag(i, offsets, weights)


class Inner(nn.Module):
    """A scripted module in a traced one, which records the shape of the input."""

    def __init__(self, op):
        super().__init__()
        self.op = op

    def forward(self, x):
        return self.op(x)


def recurrent(w):
    """Dynamic and float recurrent layers, embeddings."""
    rng = w.rng("recurrent")
    x = rng.normal(0, 1, (2, 5, 6)).astype(np.float32)

    class Sequence(nn.Module):
        def __init__(self, layer):
            super().__init__()
            self.layer = layer

        def forward(self, v):
            return self.layer(v)[0]

    def layer(kind, **fields):
        made = kind(6, 7, batch_first=True, **fields)
        for p in made.parameters():
            p.requires_grad_(False)
            p.copy_(torch.from_numpy(rng.uniform(-0.5, 0.5, tuple(p.shape)).astype(np.float32)))
        return Sequence(made).eval()

    for name, kind, fields in (("lstm", nn.LSTM, {}), ("gru", nn.GRU, {}),
                               ("lstm_bidirectional", nn.LSTM,
                                {"num_layers": 2, "bidirectional": True})):
        made = layer(kind, **fields)
        w.add("float_" + name, made, [x], **CLOSE)
        torch.backends.quantized.engine = "fbgemm"
        dynamic = torch.ao.quantization.quantize_dynamic(made, {kind}, torch.qint8)
        w.add("dynamic_" + name, dynamic, [x], **CLOSE)
    half = torch.ao.quantization.quantize_dynamic(
        nn.Sequential(nn.Linear(6, 4)).requires_grad_(False), {nn.Linear}, torch.float16)
    half[0].set_weight_bias(torch.from_numpy(rng.normal(0, 1, (4, 6)).astype(np.float32)),
                            torch.from_numpy(rng.normal(0, 1, 4).astype(np.float32)))
    w.add("linear_dynamic_fp16", half, [x], **CLOSE)

    class Table(nn.Module):
        def __init__(self, bits, bag):
            super().__init__()
            table = rng.normal(0, 1, (11, 8)).astype(np.float32)
            made = (nn.EmbeddingBag(11, 8, mode="sum") if bag else nn.Embedding(11, 8))
            made.weight.requires_grad_(False).copy_(torch.from_numpy(table))
            made.qconfig = (torch.ao.quantization.float_qparams_weight_only_qconfig if bits == 8
                            else torch.ao.quantization.float_qparams_weight_only_qconfig_4bit)
            self.bag = bag
            self.table = made
            self.eval()
            torch.ao.quantization.prepare(self, inplace=True)
            torch.ao.quantization.convert(self, inplace=True)

        def forward(self, i, offsets=None):
            return self.table(i, offsets) if self.bag else self.table(i)

    index = np.array([[3, 0, 10], [3, 3, 7]], np.int64)
    w.add("embedding_byte", Table(8, False), [index], engines=("fbgemm",))
    for bits in (8, 4):
        w.add("embedding_bag_%d" % bits, Table(bits, True),
              [index.reshape(-1), np.array([0, 2, 5], np.int64)], **CLOSE)


def place(row):
    return row["format"], row["folder"], row["model"], row["law"]


def added(old, new):
    """Other rows stay where they are."""
    rows = [r for r in old if place(r) not in [place(n) for n in new]]
    for row in sorted(new, key=place):
        behind = [i for i, r in enumerate(rows)
                  if r["format"] == "pytorch" and place(r) > place(row)]
        rows.insert(behind[0] if behind else len(rows), row)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent)
    parser.add_argument("--only",
                        help="make only the cases whose name contains this, and leave "
                        "MANIFEST.json alone")
    parser.add_argument("--add",
                        help="make only the cases whose name contains this, and put their rows "
                        "into MANIFEST.json")
    parser.add_argument("--report", action="store_true",
                        help="print the size and the engines' differences for each case")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    folder = arguments.out / "torch"
    folder.mkdir(parents=True, exist_ok=True)
    if not arguments.only and not arguments.add:
        for old in folder.iterdir():
            old.unlink()
    writer = Writer(folder, arguments.only or arguments.add)
    for make in (quantize, convolutions, linears, elementwise, activations, pools, norms, shapes,
                 sums, scalars, moves, layers_of_onednn, order_of_ties, formats, numbers, scripts,
                 composed, volumes, floats, recurrent, large_norms, ties_one_scale, modules,
                 kernels):
        make(writer)
    if not arguments.only:
        path = arguments.out / "MANIFEST.json"
        old = json.loads(path.read_text()) if path.exists() else []
        if arguments.add:
            rows = added(old, writer.rows)
        else:
            rows = sorted([r for r in old if r["format"] != "pytorch"] + writer.rows, key=place)
        path.write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
    if arguments.report:
        print("\n".join(writer.report))
    print("%d files, %d bytes" % (len(list(folder.iterdir())),
                                  sum(f.stat().st_size for f in folder.iterdir())))


if __name__ == "__main__":
    main()
