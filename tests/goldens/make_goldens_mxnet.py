#!/usr/bin/env python3
"""Makes the goldens of the MXNet loader: small quantized networks, inputs, and MXNet's own outputs.

MXNet's integer layers are exact only where the CPU has VNNI, or where no pair of products leaves
int16. These goldens are exact on every CPU: uint8 data of fused convolutions stay at or below 127
(calibrated to twice the range of what is fed), and layers on int8 data are fully connected ones
with every other weight 0. Powers and exponentials alone are close (cases_mxnet_more.py, which
holds the later cases). Written into mxnet/: NAME-symbol.json, NAME-0000.params, NAME.inputI.npy,
NAME.outputI.npy; and MANIFEST.json (rows of other formats are kept).

Needs: mxnet 1.9.1, numpy 1.23 (README.md).
"""

import argparse
import json
import logging
import pathlib
import zlib

import mxnet as mx
import numpy as np
from mxnet.contrib import quantization

import cases_mxnet_more

S = mx.sym
LOG = logging.getLogger("silent")
LOG.setLevel(logging.ERROR)


class Network:
    """A float symbol with random parameters, quantized by MXNet."""

    def __init__(self, name):
        self.rng = np.random.RandomState(zlib.crc32(name.encode()))
        self.args, self.aux, self.data = {}, {}, S.Variable("data")

    def array(self, low, high, *shape):
        return mx.nd.array(self.rng.uniform(low, high, shape))

    def conv(self, x, name, inputs, filters, kernel=3, groups=1, bias=True, **more):
        self.args[name + "_weight"] = self.array(
            -0.5, 0.5, filters, inputs // groups, kernel, kernel
        )
        if bias:
            self.args[name + "_bias"] = self.array(-0.5, 0.5, filters)
        return S.Convolution(
            x,
            name=name,
            kernel=(kernel, kernel),
            num_filter=filters,
            num_group=groups,
            no_bias=not bias,
            **more
        )

    def norm(self, x, name, channels, **more):
        self.args[name + "_gamma"], self.args[name + "_beta"] = self.array(
            0.5, 1.5, channels
        ), self.array(-0.3, 0.3, channels)
        self.aux[name + "_moving_mean"], self.aux[name + "_moving_var"] = self.array(
            -0.3, 0.3, channels
        ), self.array(0.4, 1.5, channels)
        return S.BatchNorm(x, name=name, **more)

    def dense(self, x, name, inputs, outputs, bias=True, **more):
        weight = self.rng.uniform(-0.5, 0.5, (outputs, inputs))
        weight[:, 1::2] = 0  # sums of two products of int8 data stay within int16
        self.args[name + "_weight"] = mx.nd.array(weight)
        if bias:
            self.args[name + "_bias"] = self.array(-0.5, 0.5, outputs)
        return S.FullyConnected(x, name=name, num_hidden=outputs, no_bias=not bias, **more)

    def quantize(
        self, sym, shape, low=0.0, fused=True, dtype="auto", granularity="tensor-wise", exclude=()
    ):
        calib = mx.io.NDArrayIter(
            data=self.rng.uniform(low, 2, (8,) + shape[1:]).astype("float32"), batch_size=1
        )
        keys = dict(
            sym=sym,
            arg_params=self.args,
            aux_params=self.aux,
            data_names=("data",),
            ctx=mx.cpu(),
            excluded_sym_names=list(exclude),
            calib_mode="naive",
            calib_data=calib,
            num_calib_examples=8,
            quantized_dtype=dtype,
            logger=LOG,
        )
        if fused:
            return quantization.quantize_model_mkldnn(quantize_granularity=granularity, **keys)
        return quantization.quantize_model(**keys)


class Writer:
    def __init__(self, folder, only):
        self.folder, self.only, self.rows, self.names = folder, only, [], set()

    def store(self, name, sym, args, aux, inputs, expect="identical", **tolerances):
        """`inputs`: name -> array, in the symbol's order. `tolerances` join the row."""
        if name in self.names:
            raise ValueError("two cases called " + name)
        self.names.add(name)
        if self.only and self.only not in name:
            return
        sym.save(str(self.folder / (name + "-symbol.json")))
        given = {"arg:" + k: v for k, v in args.items() if k in sym.list_arguments()}
        given.update({"aux:" + k: v for k, v in aux.items() if k in sym.list_auxiliary_states()})
        mx.nd.save(str(self.folder / (name + "-0000.params")), given)
        # What is read back is what runs.
        sym, args, aux = mx.model.load_checkpoint(str(self.folder / name), 0)
        bound = sym.bind(
            mx.cpu(),
            dict(args, **{k: mx.nd.array(v) for k, v in inputs.items()}),
            aux_states=aux,
            grad_req="null",
        )
        outputs = [o.asnumpy() for o in bound.forward(is_train=False)]
        row = {
            "format": "mxnet",
            "folder": "mxnet",
            "model": name + "-symbol.json",
            "law": "mxnet",
            "inputs": [],
            "outputs": [],
            "expect": expect,
            "params": name + "-0000.params",
            **tolerances,
        }
        for kind, arrays in (("input", inputs.values()), ("output", outputs)):
            for i, a in enumerate(arrays):
                row[kind + "s"].append("%s.%s%d.npy" % (name, kind, i))
                np.save(self.folder / row[kind + "s"][-1], a)
        self.rows.append(row)
        print("%-34s %s" % (name, [(str(o.dtype), o.shape, len(np.unique(o))) for o in outputs]))

    def network(self, name, build, shape, low=0.0, **keys):
        """`build(network)` gives the float symbol. The input spans half of the calibrated range."""
        n = Network(name)
        q = n.quantize(build(n), shape, low, **keys)
        self.store(name, *q, {"data": n.rng.uniform(low / 2, 1, shape).astype("float32")})

    def integers(self, name, build, ranges, shape):
        """Operators alone, on inputs through quantize_v2: `build` gets (data, min, max) of each."""
        n = Network(name)
        feeds, parts = {}, []
        for i, (low, high) in enumerate(ranges):
            feeds["data%d" % i] = n.rng.uniform(low, high, shape).astype("float32")
            parts.append(
                S.contrib.quantize_v2(
                    S.Variable("data%d" % i),
                    out_type="auto",
                    min_calib_range=low,
                    max_calib_range=high,
                    name="q%d" % i,
                )
            )
        result = build(n, parts)
        self.store(name, result, n.args, n.aux, feeds)


def conv_bn_relu(n):
    return S.Activation(
        n.norm(
            n.conv(n.data, "conv0", 4, 6, pad=(1, 1), bias=False),
            "bn0",
            6,
            fix_gamma=False,
            eps=2e-5,
        ),
        act_type="relu",
    )


def conv_bn_bias(n):
    return n.norm(n.conv(n.data, "conv0", 4, 6, stride=(2, 1)), "bn0", 6)


def depthwise(n):
    return S.clip(
        n.conv(n.data, "conv0", 5, 5, groups=5, pad=(1, 1), stride=(2, 2)), a_min=0, a_max=6
    )


def residual(n):
    return S.Activation(n.conv(n.data, "conv0", 4, 4, pad=(1, 1)) + n.data, act_type="relu")


def residual_signed(n):
    """The sum's other operand is int8."""
    a = n.conv(n.data, "conv0", 4, 4, pad=(1, 1))
    b = n.conv(n.data, "conv1", 4, 4, kernel=1, bias=False)
    return n.norm(b, "bn1", 4, fix_gamma=False) + a


def pools(n):
    x = S.Activation(n.conv(n.data, "conv0", 4, 6, kernel=1), act_type="relu")
    a = S.Pooling(
        x, kernel=(3, 3), stride=(2, 2), pool_type="max", pooling_convention="full", name="pool0"
    )
    b = S.Pooling(x, kernel=(3, 3), stride=(2, 2), pad=(1, 1), pool_type="avg", name="pool1")
    c = S.Pooling(
        x,
        kernel=(3, 2),
        stride=(2, 2),
        pool_type="avg",
        pad=(1, 0),
        count_include_pad=False,
        name="pool2",
    )
    return S.Group(
        [
            S.Flatten(v)
            for v in (
                a,
                b,
                c,
                S.Pooling(x, global_pool=True, kernel=(1, 1), pool_type="avg", name="pool3"),
            )
        ]
    )


def dense_relu_dense(n):
    x = S.Activation(n.dense(n.data, "fc0", 11, 16), act_type="relu", name="relu0")
    return n.dense(x, "fc1", 16, 7)


def dense_signed(n):
    return n.dense(n.dense(n.data, "fc0", 11, 16), "fc1", 16, 7, bias=False)


def branches(n):
    a = S.Activation(n.conv(n.data, "conv0", 4, 3, kernel=1), act_type="relu")
    b = S.Activation(n.conv(n.data, "conv1", 4, 5, pad=(1, 1)), act_type="relu")
    return S.Flatten(S.Concat(a, b, dim=1, name="concat0"))


def islands(n):
    x = S.Activation(n.conv(n.data, "conv0", 4, 6, pad=(1, 1)), act_type="relu")
    return S.Pad(
        S.clip(x, a_min=0.1, a_max=1.5),
        mode="constant",
        pad_width=(0, 0, 0, 0, 1, 0, 2, 1),
        constant_value=0.25,
    )


def dequantized(parts):
    return S.contrib.dequantize(parts[0], parts[1], parts[2])


def sum_of(calibrated):
    def build(n, p):
        keys = dict(min_calib_range=-2.75, max_calib_range=2.5) if calibrated else {}
        y = S.contrib.quantized_elemwise_add(
            p[0][0], p[1][0], p[0][1], p[0][2], p[1][1], p[1][2], name="sum0", **keys
        )
        if not calibrated:
            y = S.contrib.requantize(
                y[0],
                y[1],
                y[2],
                out_type="int8",
                min_calib_range=-2.75,
                max_calib_range=2.5,
                name="r0",
            )
        return y

    return build


def norm_of(n, p):
    c = 4
    n.args["gamma"], n.args["beta"], n.args["mean"], n.args["var"] = (
        n.array(0.2, 2, c),
        n.array(-1, 1, c),
        n.array(-1, 1, c),
        n.array(0.1, 3, c),
    )
    v = [S.Variable(k, shape=(c,)) for k in ("gamma", "beta", "mean", "var")]
    y = S.contrib.quantized_batch_norm(
        p[0][0],
        *v,
        p[0][1],
        p[0][2],
        eps=0.01,
        fix_gamma=False,
        min_calib_range=-4.1,
        max_calib_range=3.9,
        name="bn0"
    )
    n.aux["mean"], n.aux["var"] = n.args["mean"], n.args["var"]
    return y


def concat_of(n, p):
    flat = [e[0] for e in p] + [e[k] for e in p for k in (1, 2)]
    return S.contrib.quantized_concat(*flat, num_args=len(p), dim=1, name="concat0")


def relu_of(n, p):
    return S.contrib.quantized_act(p[0][0], p[0][1], p[0][2], act_type="relu", name="act0")


def plain_dense(n, p):
    w = n.rng.randint(-127, 128, (6, 12)).astype("int8")
    w[:, 1::2] = 0  # sums of two products of int8 data stay within int16
    b = n.rng.randint(-127, 128, (6,)).astype("int8")
    n.args["w"], n.args["b"] = mx.nd.array(w, dtype="int8"), mx.nd.array(b, dtype="int8")
    for k, v in (("w_min", -0.7), ("w_max", 0.6), ("b_min", -0.3), ("b_max", 0.4)):
        n.args[k] = mx.nd.array([v])
    v = {
        k: S.Variable(k, dtype="int8" if k in "wb" else None, shape=n.args[k].shape) for k in n.args
    }
    y = S.contrib.quantized_fully_connected(
        p[0][0],
        v["w"],
        v["b"],
        p[0][1],
        p[0][2],
        v["w_min"],
        v["w_max"],
        v["b_min"],
        v["b_max"],
        num_hidden=6,
        name="fc0",
    )
    return S.contrib.requantize(
        y[0], y[1], y[2], out_type="int8", min_calib_range=-1.9, max_calib_range=2.1, name="r0"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--only", help="cases whose name holds this text; leaves MANIFEST.json alone"
    )
    only = parser.parse_args().only
    here = pathlib.Path(__file__).resolve().parent
    (here / "mxnet").mkdir(exist_ok=True)
    w = Writer(here / "mxnet", only)
    image = (2, 4, 6, 7)
    w.network("conv_bn_relu", conv_bn_relu, image)
    w.network("conv_bn_bias", conv_bn_bias, image)
    w.network("depthwise_clip", depthwise, (1, 5, 7, 6))
    w.network("residual_relu", residual, image)
    w.network("residual_signed", residual_signed, image)
    w.network("pools", pools, (1, 4, 8, 9))
    w.network("branches", branches, image)
    w.network("islands", islands, image)
    w.network("dense_relu_dense_u8", dense_relu_dense, (3, 11))
    w.network("dense_relu_dense_s8", dense_relu_dense, (3, 11), low=-2.0)
    w.network("dense_channels_s8", dense_signed, (3, 11), low=-2.0, granularity="channel-wise")
    w.network("dense_signed", dense_signed, (3, 11), low=-2.0)
    small = (2, 4, 3, 5)
    for kinds, ranges in (
        ("u8u8", ((0, 1.3), (0, 2.2))),
        ("s8s8", ((-1.7, 1.3), (-0.9, 2.2))),
        ("u8s8", ((0, 1.3), (-2.9, 2.2))),
        ("s8u8", ((-2.9, 2.2), (0, 1.3))),
    ):
        w.integers("sum_" + kinds, sum_of(True), ranges, small)
        w.integers("sum_open_" + kinds, sum_of(False), ranges, small)
        w.integers("concat_" + kinds, concat_of, ranges, small)
    w.integers("norm_s8", norm_of, ((-3.3, 2.7),), small)
    w.integers("norm_u8", norm_of, ((0, 2.7),), small)
    w.integers("relu_s8", relu_of, ((-3.3, 2.7),), small)
    w.integers("plain_dense_s8", plain_dense, ((-2, 1.5),), (3, 12))
    cases_mxnet_more.cases(w)
    if only:
        return
    path = here / "MANIFEST.json"
    w.rows.sort(key=lambda r: (r["folder"], r["model"], r["law"]))
    rows = [r for r in json.loads(path.read_text()) if r["format"] != "mxnet"] + w.rows
    rows.sort(key=lambda r: r["format"])  # rows of other formats keep their order
    path.write_text("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")


if __name__ == "__main__":
    main()
