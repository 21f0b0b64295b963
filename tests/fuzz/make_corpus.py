#!/usr/bin/env python3
"""Makes tests/fuzz/corpus: small files, each of a kind that broke a loader once or tries to, and
the smallest of the repository's own. Run it by hand after a change; the test "fuzz: kept corpus"
replays what it made.
"""
import pathlib
import shutil
import struct
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CORPUS = HERE / "corpus"


def keep(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


# ------------------------------------------------------------------------------------------ TFLite
class FlatBuffer:
    """Tables written front to back: what a table refers to follows it."""

    def __init__(self):
        self.bytes = bytearray(8)
        self.later = []

    def align(self, n):
        self.bytes += bytes(-len(self.bytes) % n)

    def refer(self, at, write):
        self.later.append((at, write))

    def finish(self, root, identifier):
        self.bytes[4:8] = identifier
        self.refer(0, root)
        done = {}  # what several refer to is written once
        while self.later:
            at, write = self.later.pop(0)
            self.align(8)
            where = done.setdefault(write, None) or write(self)
            done[write] = where
            struct.pack_into("<I", self.bytes, at, where - at)
        return bytes(self.bytes)


def table(*fields):
    """fields: (id, format of struct, value), or (id, "ref", writer)."""
    def write(b):
        slots = max((f[0] for f in fields), default=-1) + 1
        sizes = [4 if f[1] == "ref" else struct.calcsize("<" + f[1]) for f in fields]
        vtable, at, offsets = len(b.bytes), 4, {}
        for f, size in sorted(zip(fields, sizes), key=lambda p: -p[1]):
            at += -at % size
            offsets[f[0]] = at
            at += size
        b.bytes += struct.pack("<HH", 4 + 2 * slots, at)
        for i in range(slots):
            b.bytes += struct.pack("<H", offsets.get(i, 0))
        b.align(8)
        start = len(b.bytes)
        b.bytes += struct.pack("<i", start - vtable) + bytes(at - 4)
        for i, kind, value in fields:
            if kind == "ref":
                b.refer(start + offsets[i], value)
            else:
                struct.pack_into("<" + kind, b.bytes, start + offsets[i], value)
        return start
    return write


def numbers(kind, values):
    def write(b):
        size = struct.calcsize("<" + kind)
        while (len(b.bytes) + 4) % max(size, 4):
            b.bytes += b"\0"
        start = len(b.bytes)
        b.bytes += struct.pack("<I%d%s" % (len(values), kind), len(values), *values)
        return start
    return write


def text(s):
    def write(b):
        start = len(b.bytes)
        b.bytes += struct.pack("<I", len(s)) + s.encode() + b"\0"
        return start
    return write


def tables(list_of):
    def write(b):
        start = len(b.bytes)
        b.bytes += struct.pack("<I", len(list_of)) + bytes(4 * len(list_of))
        for i, t in enumerate(list_of):
            b.refer(start + 4 + 4 * i, t)
        return start
    return write


FLOAT, INT32, INT64, INT8 = 0, 2, 4, 9
CODES = {"ADD": 0, "CONV_2D": 3, "DEQUANTIZE": 6, "FULLY_CONNECTED": 9, "RESHAPE": 22,
         "RESIZE_BILINEAR": 23, "BATCH_TO_SPACE_ND": 37, "STRIDED_SLICE": 45, "PADV2": 60,
         "TRANSPOSE_CONV": 67, "FILL": 94, "RANGE": 96, "RESIZE_NEAREST_NEIGHBOR": 97,
         "SPLIT_V": 102, "BROADCAST_TO": 130, "ASSIGN_VARIABLE": 144, "RELU": 19, "MAX_POOL_2D": 17}


class Model:
    def __init__(self):
        self.tensors, self.buffers, self.operators = [], [table()], []
        self.inputs, self.outputs = [], []

    def tensor(self, shape, kind=INT8, data=None, scale=None, zero=0, variable=False, name=None):
        buffer = 0
        if data is not None:
            buffer = len(self.buffers)
            self.buffers.append(table((0, "ref", numbers("B", data))))
        fields = [(0, "ref", numbers("i", shape)), (1, "b", kind), (2, "I", buffer),
                  (3, "ref", name or text("t%d" % len(self.tensors)))]
        if scale is not None:
            fields.append((4, "ref", table((2, "ref", numbers("f", [scale])),
                                           (3, "ref", numbers("q", [zero])))))
        if variable:
            fields.append((5, "B", 1))
        self.tensors.append(table(*fields))
        return len(self.tensors) - 1

    def integers(self, values, kind=INT32, shape=None):
        data = struct.pack("<%d%s" % (len(values), "i" if kind == INT32 else "q"), *values)
        return self.tensor([len(values)] if shape is None else shape, kind, data)

    def input(self, *args, **named):
        self.inputs.append(self.tensor(*args, **named))
        return self.inputs[-1]

    def op(self, name, inputs, outputs, options=None):
        self.operators.append((CODES[name], inputs, outputs, options))

    def bytes(self, *outputs):
        codes = sorted({o[0] for o in self.operators})
        operators = []
        for code, inputs, outs, options in self.operators:
            fields = [(0, "I", codes.index(code)), (1, "ref", numbers("i", inputs)),
                      (2, "ref", numbers("i", outs))]
            if options is not None:
                fields += [(3, "B", 1), (4, "ref", options)]
            operators.append(table(*fields))
        graph = table((0, "ref", tables(self.tensors)), (1, "ref", numbers("i", self.inputs)),
                      (2, "ref", numbers("i", list(outputs))), (3, "ref", tables(operators)))
        root = table((0, "I", 3),
                     (1, "ref", tables([table((0, "b", min(c, 127)), (3, "i", c)) for c in codes])),
                     (2, "ref", tables([graph])), (4, "ref", tables(self.buffers)))
        return FlatBuffer().finish(root, b"TFL3")


def tflite():
    m = Model()  # a state of ten elements that an operator makes one
    s = m.tensor([10], INT8, bytes(10), 0.5, variable=True)
    m.op("RESHAPE", [m.input([1], INT8, scale=0.5), m.integers([1])], [s])
    keep("tflite", "state_shrinks.tflite", m.bytes(s))

    m = Model()
    y = m.tensor([1], INT8)
    m.op("BROADCAST_TO", [m.tensor([1], INT8, b"\1"), m.integers([1 << 15, 1 << 15])], [y])
    keep("tflite", "fold_broadcast.tflite", m.bytes(y))

    m = Model()  # each within a limit, all together not
    outs = []
    for _ in range(40):
        outs.append(m.tensor([1], INT64))
        m.op("RANGE", [m.integers([0], INT64, []), m.integers([1 << 20], INT64, []),
                       m.integers([1], INT64, [])], [outs[-1]])
    keep("tflite", "ranges.tflite", m.bytes(*outs))

    m = Model()
    y = m.tensor([1], INT64)
    m.op("RANGE", [m.integers([-(1 << 63)], INT64, []), m.integers([(1 << 63) - 1], INT64, []),
                   m.integers([1 << 62], INT64, [])], [y])
    keep("tflite", "range_overflows.tflite", m.bytes(y))

    m = Model()  # pieces of 9 and 1 into one tensor
    y = m.tensor([9], INT8)
    m.op("SPLIT_V", [m.tensor([10], INT8, bytes(10)), m.integers([9, 1]),
                     m.integers([0], shape=[])], [y, y])
    keep("tflite", "split_twice.tflite", m.bytes(y))

    m = Model()
    x = m.tensor([4], FLOAT, bytes(16))
    m.inputs.append(x)
    y = m.tensor([4], FLOAT)
    m.op("RELU", [x], [y])
    keep("tflite", "input_is_constant.tflite", m.bytes(y))

    for op in ("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"):
        m = Model()
        y = m.tensor([1, 1, 1, 0], INT8, scale=0.5)
        m.op(op, [m.input([1, 4, 4, 0], INT8, scale=0.5), m.integers([0x7fffffff, 1])], [y],
             table())
        keep("tflite", op.lower() + "_tables.tflite", m.bytes(y))

    m = Model()
    y = m.tensor([1, 4, 4, 1], INT8, scale=0.5)
    m.op("MAX_POOL_2D", [m.input([1, 4, 4, 1], INT8, scale=0.5)], [y],
         table((0, "b", 77), (1, "i", 1), (2, "i", 1), (3, "i", 2), (4, "i", 2)))
    keep("tflite", "padding_code.tflite", m.bytes(y))

    m = Model()
    y = m.tensor([1, 2, 2, 1], INT8, scale=0.5)
    m.op("BATCH_TO_SPACE_ND", [m.input([4, 1, 1, 1], INT8, scale=0.5), m.integers([2, 2], INT64),
                               m.integers([(1 << 63) - 1, 1, 0, 0], INT64, [2, 2])], [y])
    keep("tflite", "crops_overflow.tflite", m.bytes(y))

    m = Model()
    y = m.tensor([1, 4, 4, 1], INT8, scale=0.5)
    m.op("TRANSPOSE_CONV", [m.integers([1, (1 << 63) - 1, -(1 << 63), 1], INT64),
                            m.tensor([1, 2, 2, 1], INT8, bytes(4), 0.5),
                            m.input([1, 2, 2, 1], INT8, scale=0.5)], [y],
         table((0, "b", 0), (1, "i", 0x7fffffff), (2, "i", 0x7fffffff)))
    keep("tflite", "transpose_conv_extents.tflite", m.bytes(y))

    m = Model()  # 2^63 - 1 for "to the end": positions beyond the extent
    y = m.tensor([4], INT8, scale=0.5)
    m.op("STRIDED_SLICE", [m.input([4], INT8, scale=0.5), m.integers([0], INT64),
                           m.integers([(1 << 63) - 1], INT64), m.integers([1], INT64)], [y],
         table((0, "i", 0)))
    keep("tflite", "slice_to_the_end.tflite", m.bytes(y))

    m = Model()
    y = m.tensor([6], FLOAT)
    m.op("PADV2", [m.input([4], FLOAT), m.integers([1, 1], shape=[1, 2]),
                   m.tensor([1], FLOAT, struct.pack("<f", float("nan")))], [y])
    keep("tflite", "pad_with_nan.tflite", m.bytes(y))

    m = Model()  # products of 2000^3 from two numbers
    a, b, y = m.tensor([1], FLOAT), m.tensor([1], FLOAT), m.tensor([2000, 2000], FLOAT)
    one = m.tensor([1], FLOAT, struct.pack("<f", 1.5))
    size = m.integers([2000, 2000])
    m.op("BROADCAST_TO", [one, size], [a])
    m.op("BROADCAST_TO", [one, size], [b])
    m.op("FULLY_CONNECTED", [a, b], [y], table())
    keep("tflite", "fold_products.tflite", m.bytes(y))

    m = Model()  # many tensors of one long name
    name = text("n" * 30000)
    for _ in range(300):
        m.tensor([1], FLOAT, name=name)
    y = m.tensor([1], FLOAT)
    m.op("RELU", [m.input([1], FLOAT)], [y])
    keep("tflite", "long_names.tflite", m.bytes(y))


# ----------------------------------------------------------------------------------------- PyTorch
def program(body, constants=""):
    return ("class M(Module):\n  __parameters__ = []\n  __buffers__ = []\n" + constants +
            "  def forward(self: __torch__.M,\n    x: Tensor) -> Tensor:\n" + body)


PROGRAMS = {
    "constant_reads_itself": program("    return torch.add(x, x, alpha=self.a)\n",
                                     "  a : Final[int] = getattr(self, \"a\")\n"),
    "calls_itself": program("    return (self).forward(x, )\n"),
    "deep_calls": program("    return (self).forward(" + "torch.relu(" * 60 + "x" + ")" * 60
                          + ", )\n"),
    "deep_lists": program("    l = " + "[" * 90 + "1" + "]" * 90 + "\n    return x\n"),
    "deep_minus": program("    l = " + "-" * 150 + "1\n    return x\n"),
    "slice_step": program("    l = [1, 2, 3]\n    m = torch.slice(l, 0, 3, 9223372036854775807)\n"
                          "    n = torch.slice(l, 1, 3, 9223372036854775806)\n    return x\n"),
    "loop_without_end": program("    for i in range(9223372036854775807):\n"
                                "      a = torch.add(torch.mul(i, i), torch.neg(i))\n"
                                "    return x\n"),
    "loop_in_loop": program("".join("    " + "  " * k + "for i%d in range(100000):\n" % k
                                    for k in range(8)) + " " * 20 + "pass\n    return x\n"),
    "list_doubles": program("    l = [1, 2]\n    for i in range(64):\n      l = torch.add(l, l)\n"
                            "    return x\n"),
    "contains": program("    l = [1, 2]\n    for i in range(16):\n      l = torch.add(l, l)\n"
                        "    for j in range(100000):\n"
                        "      b = torch.__contains__(l, 7)\n    return x\n"),
    "chunk_overflow": program("    a, b, = torch.chunk(x, 9223372036854775807, 1)\n    return a\n"),
    "split_sizes": program("    a, b, = torch.split(x, [-1, 9223372036854775807], 1)\n"
                           "    return a\n"),
    "reshape_overflow": program("    return torch.reshape(x, [4294967296, 4294967296, 0])\n"),
    "long_name": program("    " + "n" * 2000 + " = x\n    return x\n"),
    "dotted": program("    a = torch" + ".a" * 90 + "(x)\n    return a\n"),
    "padding": program("    return torch.constant_pad_nd(x, [2147483647, 2147483647, 1, 1], 0)\n"),
}


def torch():
    for name, code in PROGRAMS.items():
        keep("torch_code", name + ".py", code.encode())
        with zipfile.ZipFile(HERE / "made.pt", "w", zipfile.ZIP_STORED) as z:
            pickled = b"\x80\x02c__torch__\nM\n)\x81}b."
            files = {"code/__torch__.py": code.encode(), "data.pkl": pickled,
                     "constants.pkl": b"\x80\x02).", "version": b"3\n"}
            for member, data in files.items():
                z.writestr(zipfile.ZipInfo("made/" + member), data)
        if name in ("deep_calls", "constant_reads_itself", "loop_without_end"):
            keep("torch", name + ".pt", (HERE / "made.pt").read_bytes())
    (HERE / "made.pt").unlink()
    keep("torch_pickle", "none_forever", b"\x80\x02" + b"N" * 4000)
    keep("torch_pickle", "memo", b"\x80\x02]" + b"".join(b"r" + struct.pack("<I", i)
                                                          for i in range(400)) + b".")
    keep("torch_pickle", "list_of_itself", b"\x80\x02]q\0h\0a.")
    keep("torch_pickle", "marks", b"\x80\x02" + b"(" * 300 + b".")
    storage = (b"(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0" b"0X\3\0\0\0cpu"
               b"M\0\4tQ")
    for name, size, stride in (("stride_0", b"J\xff\xff\xff\x7f", b"K\0"),
                               ("far_stride", b"K\2", b"\x8a\x08" + b"\xff" * 7 + b"\x7f"),
                               ("hidden_extent", b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7fK\0",
                                b"K\1K\1K\1")):
        keep("torch_pickle", name, b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + storage
             + b"K\0(" + size + b"t(" + stride + b"t\x89ccollections\nOrderedDict\n)RtR.")


def smallest(target, files, count, data=lambda f: f.read_bytes()):
    for f in sorted(files, key=lambda f: (f.stat().st_size, f.name))[:count]:
        keep(target, f.name, data(f))


def main():
    shutil.rmtree(CORPUS, ignore_errors=True)
    tflite()
    torch()
    goldens = ROOT / "tests/goldens"
    smallest("tflite", list((goldens / "tflite").glob("*.tflite"))[::1], 4)
    smallest("torch", (goldens / "torch").glob("*.pt"), 2)
    smallest("mxnet", (goldens / "mxnet").glob("*-symbol.json"), 3, lambda f: f.read_bytes() + b"\0"
             + f.with_name(f.name.replace("-symbol.json", "-0000.params")).read_bytes())
    smallest("onnx", (goldens / "onnx").glob("*.onnx"), 3)
    smallest("onnx", (goldens / "onnx").glob("qdq_*.onnx"), 2)
    smallest("onnx", (goldens / "onnx").glob("dynamic_*.onnx"), 1)


if __name__ == "__main__":
    main()
