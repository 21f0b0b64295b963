"""Further cases of make_goldens_onnx.py: elements of 4 and 2 bits, and scales for blocks of a
constant. ONNX Runtime dequantizes such weights and computes in float, between Q and DQ too;
products with them, of which it makes MatMulNBits, are compared as the file is written."""
import numpy as np


def scales(n, *shape):
    return n.constant(n.rng.uniform(0.02, 0.1, shape).astype(np.float32))


def blocks(n, kind, shape, axis, size, zeros=True):
    """Constants of `shape` with a scale for `size` elements in a row along `axis`."""
    of = [-(-e // size) if k == axis else e for k, e in enumerate(shape)]
    narrow = kind[-1] != "8"
    make = n.narrow if narrow else lambda _, *s: n.constant(n.codes("s8", *s))
    inputs = [make(kind, *shape), scales(n, *of)] + ([make(kind, *of)] if zeros else [])
    return n.node("DequantizeLinear", inputs, axis=axis, block_size=size)


def product(kind, shape, axis, size, zeros=True):
    def build(n):
        x = n.input(n.rng.standard_normal((3, shape[0])).astype(np.float32))
        return n.node("MatMul", [x, blocks(n, kind, shape, axis, size, zeros)])

    return build


def rows(kind, size, axis):
    """Rows of a table."""

    def build(n):
        table = blocks(n, kind, (13, 20), axis, size)
        return n.node("Gather", [table, n.input(np.asarray([[0, 12, 5], [3, 3, 7]]))])

    return build


def layer(kind, op, channels):
    """Between Q and DQ, with one scale or one for each channel, with zero points."""

    def build(n):
        x = n.dq(n.input(n.codes("u8", *((1, 3, 6, 5) if op == "Conv" else (4, 9)))), 0.03, 120,
                 "u8")
        shape = (8, 3, 3, 3) if op == "Conv" else (8, 9)
        of = (8,) if channels else ()
        w = n.node("DequantizeLinear", [n.narrow(kind, *shape), scales(n, *of),
                                        n.narrow(kind, *of)], axis=0)
        more = {} if op == "Conv" else {"transB": 1}
        return n.q(n.node(op, [x, w], **more), 0.05, 131, "u8")

    return build


def floats(kind, channels):
    """Float weights that the file quantizes itself; activations of the type too."""

    def build(n):
        x = n.input(n.rng.standard_normal((4, 9)).astype(np.float32))
        own = [n.scale(0.21), n.narrow(kind)]
        x = n.node("DequantizeLinear", [n.node("QuantizeLinear", [x] + own)] + own)
        w = n.constant(n.rng.standard_normal((8, 9)).astype(np.float32))
        of = (8,) if channels else ()
        own = [n.constant(n.rng.uniform(0.1, 0.3, of).astype(np.float32)), n.narrow(kind, *of)]
        w = n.node("QuantizeLinear", [w] + own, axis=0)
        w = n.node("DequantizeLinear", [w] + own, axis=0)
        return n.q(n.node("Gemm", [x, w], transB=1), 0.05, 131, "u8")

    return build


def moved(n):
    """int4 values between Q and DQ stay as they are, as does what moves them."""
    own = [n.scale(0.2), n.narrow("INT4")]
    x = n.input((2 * n.rng.standard_normal((4, 6))).astype(np.float32))
    for shape in ((3, 8), (2, 12)):
        x = n.node("DequantizeLinear", [n.node("QuantizeLinear", [x] + own)] + own)
        x = n.node("Reshape", [x, n.constant(np.asarray(shape))])
    return n.node("DequantizeLinear", [n.node("QuantizeLinear", [x] + own)] + own)


def matrices(shape, axis):
    """A constant of several matrices with a scale for each index of one axis: in float."""

    def build(n):
        x = n.dq(n.input(n.codes("u8", 1, 4, 7, shape[-2], high=127)), 0.03, 57, "u8")
        w = n.dq(n.constant(n.codes("s8", *shape, low=-64, high=63)),
                 n.rng.uniform(0.01, 0.03, shape[axis]), np.zeros(shape[axis]), "s8", axis=axis)
        return n.q(n.node("MatMul", [x, w]), 0.05, 131, "u8")

    return build


def cases(w):
    for kind in ("INT4", "UINT4"):
        for op in ("Conv", "Gemm"):
            for channels in (False, True):
                name = "narrow_%s_%s%s" % (op.lower(), kind.lower(), "_axis" * channels)
                w.store(name, layer(kind, op, channels), 21)
        w.store("narrow_weights_" + kind.lower(), floats(kind, kind == "INT4"), 21)
        w.store("narrow_rows_" + kind.lower(), rows(kind, 7, 1), 21)
        w.store("narrow_product_" + kind.lower(), product(kind, (32, 6), 0, 16), 21,
                as_written=True)
    w.store("narrow_odd", product("INT4", (9, 5), 0, 4, False), 21, as_written=True)
    w.store("narrow_columns", product("UINT4", (8, 11), 1, 3), 21, as_written=True)
    w.store("narrow_moved", moved, 21)
    w.store("narrow_int2", rows("INT2", 4, 0), 25)
    w.store("narrow_uint2", product("UINT2", (10, 7), 0, 4), 25, as_written=True)
    w.store("blocks_rows_int8", rows("INT8", 3, 0), 21)
    w.store("blocks_product_int8", product("INT8", (32, 6), 0, 16), 21, as_written=True)
    w.store("matrices_heads", matrices((1, 4, 8, 13), 1))
    w.store("matrices_columns", matrices((4, 8, 13), 2))
