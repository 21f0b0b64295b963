#!/usr/bin/env python3
"""Says how well the tie tables tell the roundings apart: for each table, how many stored outputs
each rounding would get wrong.

The right rounding must get none wrong and every other one some; otherwise the script fails. This
checks the goldens, it does not make them. Roundings as in docs/numerics.md: DR double rounding, RU
the same with ties up, SR single rounding, D64 double product, F binary32 product. Needs:
ai-edge-litert (its schema), flatbuffers, numpy.
"""
import pathlib

import numpy as np
from ai_edge_litert import schema_py_generated as schema

FOLDER = pathlib.Path(__file__).resolve().parent / "tflite"


def multiplier(d):
    """d ~ M * 2^(s - 31)"""
    fraction, exponent = np.frexp(d)
    m = int(np.floor(fraction * 2.0 ** 31 + 0.5))
    return (m // 2, int(exponent) + 1) if m == 2 ** 31 else (m, int(exponent))


def away(x):
    return np.where(x >= 0, np.floor(np.abs(x) + 0.5), -np.floor(np.abs(x) + 0.5))


def high_product(x, s, m):
    return ((x << max(s, 0)) * m + 2 ** 30) >> 31


def double_rounding(acc, d):
    m, s = multiplier(d)
    x, e = high_product(acc, s, m), max(-s, 0)
    half = (1 << e) >> 1
    return np.where(x >= 0, (x + half) >> e, -((-x + half) >> e)) if e else x


def rounding_up(acc, d):
    m, s = multiplier(d)
    x, e = high_product(acc, s, m), max(-s, 0)
    return (x + (1 << (e - 1))) >> e if e else x


def single_rounding(acc, d):
    m, s = multiplier(d)
    shift = 31 - s
    return np.array([(int(a) * m + (1 << (shift - 1))) >> shift
                     for a in acc.reshape(-1)]).reshape(acc.shape)


def double_product(acc, d):
    return away(acc.astype(np.float64) * d).astype(np.int64)


def float_product(acc, d):
    return np.rint(acc.astype(np.float32) * np.float32(d)).astype(np.int64)


ROUNDINGS = {"DR": double_rounding, "RU": rounding_up, "SR": single_rounding,
             "D64": double_product, "F": float_product}


def read(name):
    """Returns (accumulators [rows, channels], one factor a channel, output zero point) of a table's
    only operator."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs((FOLDER / (name
            + ".tflite")).read_bytes(), 0))
    graph = model.subgraphs[0]
    operator = graph.operators[0]
    tensor = [graph.tensors[i] for i in operator.inputs]
    out = graph.tensors[operator.outputs[0]]
    x = np.load(FOLDER / (name + ".input0.npy")).astype(np.int64)
    scale = lambda t: np.float64(np.float32(t.quantization.scale))
    zero = lambda t: int(t.quantization.zeroPoint[0])
    data = lambda t, dtype: np.frombuffer(bytes(model.buffers[t.buffer].data), dtype)
    x = x - zero(tensor[0])
    sy = scale(out)[0]
    kind = operator.builtinOptionsType
    if kind == schema.BuiltinOptions.MulOptions:
        y = np.load(FOLDER / (name + ".input1.npy")).astype(np.int64) - zero(tensor[1])
        product = np.float32(np.float32(np.float32(scale(tensor[0])[0])
                                        * np.float32(scale(tensor[1])[0])) / np.float32(sy))
        return (x * y).reshape(-1, 1), [np.float64(product)], zero(out)
    if len(tensor) == 1:
        return x.reshape(-1, 1), [scale(tensor[0])[0] / sy], zero(out)
    u8 = tensor[1].type == schema.TensorType.UINT8
    w = data(tensor[1], np.uint8 if u8 else np.int8).astype(np.int64) - zero(tensor[1])
    bias = data(tensor[2], np.int32).astype(np.int64)
    factors = np.broadcast_to(scale(tensor[0])[0] * scale(tensor[1]) / sy, w.size)
    return x.reshape(-1, 1) * w + bias, factors, zero(out)


def main():
    tables = [("conv2d_ties_s8", "DR"), ("conv2d_ties_quarter_u8", "DR"),
              ("conv2d_ties_eighth_u8", "DR"), ("depthwise_ties_s8", "DR"),
              ("fully_connected_ties_s8", "D64"),
              ("fully_connected_ties_quarter_u8", "D64"), ("requantize_quarter_s8_s8", "DR"),
              ("requantize_eighth_s8_s8", "DR"), ("requantize_quarter_u8_u8", "DR"),
              ("mul_table_halves_s8", "DR"), ("mul_table_half_quarter_s8", "DR")]
    print("| table | outputs | right | " + " | ".join(ROUNDINGS) + " |")
    print("|---|---|---|" + "---|" * len(ROUNDINGS))
    passed, separated = True, {}
    for name, right in tables:
        acc, factors, zero = read(name)
        stored = np.load(FOLDER / (name + ".output0.ref.npy"))
        limits = np.iinfo(stored.dtype)
        wrong = {}
        for law, rounding in ROUNDINGS.items():
            y = np.stack([rounding(acc[:, c], d) for c, d in enumerate(factors)], 1) + zero
            wrong[law] = int((np.clip(y, limits.min,
                                      limits.max).reshape(-1) != stored.reshape(-1)).sum())
            separated.setdefault((name.split("_")[0], right), {}).setdefault(law, 0)
            separated[(name.split("_")[0], right)][law] += wrong[law]
        passed &= wrong[right] == 0
        print("| `%s` | %d | %s | %s |" % (name, stored.size, right,
                                           " | ".join(str(n) for n in wrong.values())))
    for (operator, right), counts in separated.items():
        weak = [law for law, n in counts.items() if law != right and n == 0]
        if weak:
            print("%s: not told apart from %s: %s" % (operator, right, ", ".join(weak)))
            passed = False
    if not passed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
