#!/usr/bin/env python3
"""Single operators with random shapes, scales and zero points, run by TensorFlow Lite: for finding
wrong formulas, not for the repository.

    random_cases.py FOLDER [SETS] [SEED]
    OCTET_RANDOM_CASES=FOLDER build/release/tests/test_models "[random]"

The first call writes FOLDER/MANIFEST.json with SETS parameter sets (default 40) for every operator
and type, about 100 models a set; the second compares. A quarter of the sets has scales that are
powers of two: many results are then exactly between two integers.
"""
import collections
import pathlib
import sys

import numpy as np

import make_goldens
from tflite_file import Model

LOW = {"int8": -128, "uint8": 0, "int16": -32768}
HIGH = {"int8": 127, "uint8": 255, "int16": 32767}
SHORT = {"int8": "s8", "uint8": "u8", "int16": "s16"}
XNNPACK_ONLY = ("xnnpack",)


class Cases:
    def __init__(self, writer, k, seed):
        self.w, self.k, self.r, self.ties = writer, k, np.random.default_rng([seed, k]), k % 4 == 0

    def scale(self, low, high):
        """Between 2^low and 2^high."""
        return 2.0 ** int(self.r.integers(low,
                                          high)) if self.ties else float(np.float32(
                                                  2.0 ** self.r.uniform(low, high)))

    def near(self, v):
        """v as a scale: a power of two where the set wants ties."""
        return float(2.0 ** np.round(np.log2(v))) if self.ties else float(np.float32(v))

    def zero(self, dtype):
        return 0 if dtype in ("int16", "int32") else int(self.r.integers(LOW[dtype], HIGH[dtype]
                + 1))

    def codes(self, dtype, shape):
        return self.r.integers(LOW[dtype], HIGH[dtype] + 1, shape).astype(dtype)

    def every(self, dtype):
        return np.arange(LOW[dtype], HIGH[dtype]
                         + 1).astype(dtype).reshape(1, -1) if dtype != "int16" else np.append(
                                 self.codes(dtype, (1, 4094)), [[-32768, 32767]], 1).astype(dtype)

    def name(self, tag, dtype):
        return "%s_%s_%d" % (tag, SHORT[dtype], self.k)

    def add(self, tag, dtype, model, inputs, engines=("ref", "xnnpack")):
        self.w.add(self.name(tag, dtype), model, inputs, engines=engines, loose=True)

    def unary(self, tag, op, dtype, x, sx, zx, sy, zy, options=None, engines=("ref", "xnnpack"),
              out=None, **fields):
        m = Model()
        i = m.input(x.shape, dtype, float(sx), int(zx))
        o = m.tensor(None, out or dtype, float(sy), int(zy))
        m.op(op, [i], [o], options, **fields)
        m.output(o)
        self.add(tag, dtype, m, [x], engines)

    # ---- one input

    def activations_8bit(self, dtype):
        x, low, s, r = self.every(dtype), LOW[dtype], self.scale, self.r
        z = lambda: self.zero(dtype)
        self.unary("logistic", "LOGISTIC", dtype, x, s(-8, -1), z(), 1 / 256, low)
        self.unary("tanh", "TANH", dtype, x, s(-8, -1), z(), 1 / 128, low + 128)
        for op in ("RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1"):
            self.unary(op.lower(), op, dtype, x, s(-7, 0), z(), s(-7, 0), z())
        self.unary("leaky_relu", "LEAKY_RELU", dtype, x, s(-9, 1), z(), s(-9, 1), z(),
                   "LeakyReluOptions",
                   alpha=float(np.float32(r.choice([-1, 1]) * 2.0 ** r.uniform(-12, 3))))
        sx = s(-6, -2)
        self.unary("hard_swish", "HARD_SWISH", dtype, x, sx, z(), max(s(-6, -1), sx / 64), z(),
                   "HardSwishOptions")
        self.unary("gelu", "GELU", dtype, x, s(-7, -3), z(), s(-7, -3), z(), "GeluOptions",
                   approximate=bool(self.k & 1))
        rows = self.rows(dtype)
        self.unary("softmax", "SOFTMAX", dtype, rows, s(-8, 1), z(), 1 / 256, low,
                   "SoftmaxOptions", beta=float(r.choice([1, 0.5, 0.3, 2])))
        self.unary("log_softmax", "LOG_SOFTMAX", dtype, rows, s(-8, 1), z(), 16 / 256, low + 255,
                   "LogSoftmaxOptions")
        self.unary("l2norm", "L2_NORMALIZATION", dtype, rows, s(-7, 0), z(), 1 / 128, low + 128,
                   "L2NormOptions")
        other = "uint8" if dtype == "int8" else "int8"
        for tag, lo, hi, out in (("requantize", -6, -3, dtype), ("requantize_wide", -12, 2, dtype),
                                 ("requantize_type", -6, -3, other),
                                 ("requantize_16", -6, -3, "int16")):
            sy = s(-13, -10) if out == "int16" else s(lo, hi)
            self.unary(tag, "QUANTIZE", dtype, x, s(lo, hi), z(), sy, self.zero(out),
                       "QuantizeOptions", out=out)
        m = Model()
        i = m.input((1, 5, 51, 4), dtype, s(-5, -3), z())
        a = m.const(self.codes(dtype, (1, 1, 4)), s(-8, -5), z())
        o = m.tensor(None, dtype, s(-5, -3), z())
        m.op("PRELU", [i, a], [o])
        m.output(o)
        self.add("prelu", dtype, m, [np.resize(x, (1, 5, 51, 4))])
        if dtype == "int8":
            self.unary("elu", "ELU", dtype, x, s(-7, -3), z(), s(-7, -3), z(), engines=XNNPACK_ONLY)
            self.unary("exp", "EXP", dtype, x, s(-7, -3), z(), s(-6, 2), z(), "ExpOptions")
            self.unary("log", "LOG", dtype, x, s(-7, -1), int(r.integers(-128, 100)), s(-7, -2),
                       z())
            self.unary("abs", "ABS", dtype, x, s(-5, -3), z(), s(-5, -3), z())
            zx = int(r.integers(-128, 60))
            positive = x[x >= zx].reshape(1, -1)
            self.unary("sqrt", "SQRT", dtype, positive, s(-7, -1), zx, s(-7, -2), z())
            self.unary("rsqrt", "RSQRT", dtype, positive, s(-7, -1), zx, s(-7, 0), z())

    def rows(self, dtype):
        depth = int(self.r.choice([1, 2, 3, 7, 16, 37, 100, 256]))
        shape = (max(1, 512 // depth), depth)
        return self.codes(dtype, shape) if self.k % 3 else np.clip(self.r.normal(LOW[dtype] + 100,
                10, shape), LOW[dtype], HIGH[dtype]).astype(dtype)

    def activations_16bit(self):
        d, x, s = "int16", self.every("int16"), self.scale
        self.unary("logistic", "LOGISTIC", d, x, s(-15, -9), 0, 1 / 32768, 0)
        self.unary("tanh", "TANH", d, x, s(-15, -9), 0, 1 / 32768, 0)
        self.unary("leaky_relu", "LEAKY_RELU", d, x, s(-13, -11), 0, s(-13, -11), 0,
                   "LeakyReluOptions", alpha=float(np.float32(self.r.uniform(-0.9, 1.9))))
        for op in ("RELU", "RELU6", "ABS"):
            self.unary(op.lower(), op, d, x, s(-13, -11), 0, s(-13, -11), 0)
        self.unary("exp", "EXP", d, x, s(-15, -12), 0, s(-14, -9), 0, "ExpOptions")
        self.unary("log", "LOG", d, x, s(-15, -9), 0, s(-14, -11), 0)
        self.unary("rsqrt", "RSQRT", d, np.abs(x.astype(np.int32)).clip(0, 32767).astype(d),
                   s(-15, -9), 0, s(-14, -9), 0)
        depth = int(self.r.choice([2, 3, 7, 16, 37, 100, 256]))
        rows = (self.codes(d, (max(1, 512 // depth), depth))
                // int(self.r.choice([1, 4, 64]))).astype(d)
        self.unary("softmax", "SOFTMAX", d, rows, s(-14, -9), 0, 1 / 32768, 0, "SoftmaxOptions",
                   beta=float(self.r.choice([1, 0.5, 0.3, 2])))
        for out in ("int8", "int16", "int32"):
            self.unary("requantize_" + out, "QUANTIZE", d, x, s(-13, -11), 0, s(-6, -3)
                       if out == "int8" else s(-13, -11), self.zero(out), "QuantizeOptions",
                       out=out)

    # ---- layers

    def layers(self, dtype):
        r = self.r
        w8 = "uint8" if dtype == "uint8" else "int8"
        per_channel = dtype != "uint8" and bool(r.integers(2))
        sx = (lambda: self.scale(-15, -10)) if dtype == "int16" else (lambda: self.scale(-7, -2))
        z = lambda: self.zero(dtype)
        ci, co, h, v = (int(n) for n in (r.integers(1, 40), r.integers(1, 40), r.integers(3, 9),
                                         r.integers(3, 9)))
        stride, act = int(r.choice([1, 2])), int(r.choice([0, 0, 1, 3]))

        def weights(shape, count):
            scales = np.array([self.scale(-9, -5) for _ in range(count if per_channel else 1)],
                              np.float32)
            zero = 0 if w8 == "int8" else self.zero(w8)
            return np.maximum(self.codes(w8, shape).astype(int),
                              LOW[w8] + 1).astype(w8), scales, zero

        def layer(tag, op, shape, axis, count, x, taps, options, **fields):
            a, (data, scales, zero) = sx(), weights(shape, count)
            m = Model()
            i = m.input(x, dtype, a, z())
            k = m.const(data, scales, zero, axis if per_channel else int(r.choice([0, axis])))
            b = m.const(r.integers(-3000, 3000, count).astype("int64" if dtype == "int16"
                                                              else "int32"),
                        np.float32(a) * scales, 0, 0)
            o = m.tensor(None, dtype, self.near(a * float(scales.max()) * 73 * np.sqrt(taps)
                                                * r.uniform(0.3, 2)), z())
            m.op(op, [i, k, b], [o], options, fusedActivationFunction=act, **fields)
            m.output(o)
            self.add(tag, dtype, m, [self.codes(dtype, x)])

        k = int(r.choice([1, 1, 3]))
        window = dict(padding=int(r.integers(2)), strideH=stride, strideW=stride)
        layer("conv%d" % k, "CONV_2D", (co, k, k, ci), 0, co, (1, h, v, ci), k * k * ci,
              "Conv2DOptions", **window)
        times = int(r.choice([1, 1, 2]))
        layer("depthwise", "DEPTHWISE_CONV_2D", (1, 3, 3, ci * times), 3, ci * times,
              (1, h, v, ci), 9, "DepthwiseConv2DOptions", depthMultiplier=times, **window)
        depth = int(r.integers(1, 200))
        layer("fully_connected", "FULLY_CONNECTED", (co, depth), 0, co,
              (int(r.integers(1, 9)), depth), depth, "FullyConnectedOptions")
        a, (data, scales, zero) = sx(), weights((co, 3, 3, ci), co)
        m = Model()
        ins = [m.const(np.array([1, 2 * h, 2 * v, co], "int32")), m.const(data, scales, zero, 0),
               m.input((1, h, v, ci), dtype, a, z())]
        o = m.tensor(None, dtype, self.near(a * float(scales.max()) * 73 * np.sqrt(9 * ci / 4)),
                     z())
        m.op("TRANSPOSE_CONV", ins, [o], "TransposeConvOptions", padding=0, strideW=2, strideH=2)
        m.output(o)
        self.add("transpose_conv", dtype, m, [self.codes(dtype, (1, h, v, ci))])
        self.two_operands(dtype, sx, act)
        self.images(dtype, sx, (1, h, v, ci), stride, act)
        if dtype != "uint8":
            a, b = sx(), sx()
            m = Model()
            i, j = m.input((2, 5, 37), dtype, a, z()), m.input((2, 37, 11), dtype, b,
                    self.zero(dtype) if r.integers(2) else 0)
            o = m.tensor(None, dtype, self.near(a * b * (2.0**15 if dtype == "int16" else 1) * 73
                                                * 6), z())
            m.op("BATCH_MATMUL", [i, j], [o], "BatchMatMulOptions")
            m.output(o)
            self.add("batch_matmul", dtype, m,
                     [self.codes(dtype, (2, 5, 37)), self.codes(dtype, (2, 37, 11))])

    def two_operands(self, dtype, sx, act):
        shape = (1, 7, 9, 13)
        for op, options in (("ADD", "AddOptions"), ("SUB", "SubOptions"), ("MUL", "MulOptions"),
                            ("SQUARED_DIFFERENCE", None)):
            if op == "SQUARED_DIFFERENCE" and dtype != "int8":
                continue
            a, b = sx(), sx()
            second = shape if self.r.integers(2) else (1, 1, 1, 13)
            sy = a * b * 2.0 ** self.r.uniform(3, 8) if op == "MUL" else max(a,
                    b) * 2.0 ** self.r.uniform(-1, 2)
            m = Model()
            i, j = m.input(shape, dtype, a, self.zero(dtype)), m.input(second, dtype, b,
                    self.zero(dtype))
            o = m.tensor(None, dtype, self.near(sy), self.zero(dtype))
            fields = {} if options is None else dict(fusedActivationFunction=act)
            if op in ("ADD", "SUB"):
                fields["potScaleInt16"] = False
            m.op(op, [i, j], [o], options, **fields)
            m.output(o)
            self.add(op.lower(), dtype, m, [self.codes(dtype, shape), self.codes(dtype, second)])

    def images(self, dtype, sx, shape, stride, act):
        r, a, z = self.r, sx(), self.zero(dtype)

        def same(tag, op, options, more=(), **fields):
            m = Model()
            i = m.input(shape, dtype, a, z)
            o = m.tensor(None, dtype, a, z)
            m.op(op, [i] + [m.const(np.array(c, "int32")) for c in more], [o], options, **fields)
            m.output(o)
            self.add(tag, dtype, m, [self.codes(dtype, shape)])

        same("average_pool", "AVERAGE_POOL_2D", "Pool2DOptions", padding=int(r.integers(2)),
             strideW=stride, strideH=stride, filterWidth=3, filterHeight=3,
             fusedActivationFunction=act)
        same("resize_bilinear", "RESIZE_BILINEAR", "ResizeBilinearOptions",
             [[int(r.integers(1, 20)), int(r.integers(1, 20))]], alignCorners=self.k % 3 == 1,
             halfPixelCenters=self.k % 3 == 2)
        if dtype == "int16":
            return
        for op, axes, engines in (("MEAN", [1, 2], ("ref", "xnnpack")),
                                  ("SUM", [int(r.integers(1, 4))], XNNPACK_ONLY)):
            m = Model()
            i = m.input(shape, dtype, a, z)
            o = m.tensor(None, dtype,
                         self.near(a * (r.uniform(0.5, 1.5) if op == "MEAN" else r.uniform(2, 6))),
                         self.zero(dtype))
            m.op(op, [i, m.const(np.array(axes, "int32"))], [o], "ReducerOptions",
                 keepDims=bool(r.integers(2)))
            m.output(o)
            self.add(op.lower(), dtype, m, [self.codes(dtype, shape)], engines)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder, sets, seed = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(
            sys.argv) > 2 else 40, int(sys.argv[3]) if len(sys.argv) > 3 else 1
    (folder / "tflite").mkdir(parents=True, exist_ok=True)
    writer = make_goldens.Writer(folder / "tflite", None)
    for k in range(sets):
        cases = Cases(writer, k, seed)
        for dtype in ("int8", "uint8"):
            cases.activations_8bit(dtype)
        cases.activations_16bit()
        for dtype in ("int8", "uint8", "int16"):
            cases.layers(dtype)
    make_goldens.write_manifest(folder / "MANIFEST.json", writer.rows, ())
    print("%d rows" % len(writer.rows))
    for (case, text), count in collections.Counter((f.split(":")[0].rsplit("_", 1)[0],
                                                    f.split(":", 1)[1][:100])
                                                   for f in writer.failures).most_common():
        print("refused by the framework: %d x %s:%s" % (count, case, text))


if __name__ == "__main__":
    main()
