"""Cases of make_goldens_onnx.py: attention of ONNX Runtime's contributed operators beside
QAttention and Attention: GroupQueryAttention, RotaryEmbedding, MultiHeadAttention; weights of few
bits: MatMulNBits, GatherBlockQuantized; masks whose -inf makes scales infinite.

Sequences are no longer than what ONNX Runtime takes in one tile on any CPU (256 KB of cache).
"""
import numpy as np


def floats(n, *shape, scale=1.0):
    return (n.rng.standard_normal(shape) * scale).astype(np.float32)


def tables(n, places, half):
    angles = np.outer(np.arange(places), 100.0 ** -(np.arange(half) / half))
    return [n.constant(np.cos(angles), np.float32), n.constant(np.sin(angles), np.float32)]


def group(steps, known, total, heads=4, groups=2, size=16, lengths=None, packed=False, bias=None,
          positions=False, batch=1, **attributes):
    """known: extent of the buffers of past keys and values; total: keys there are afterwards."""

    def build(n):
        if packed:
            names = [n.input(floats(n, batch, steps, (heads + 2 * groups) * size)), "", ""]
        else:
            names = [n.input(floats(n, batch, steps, heads * size)),
                     n.input(floats(n, batch, steps, groups * size)),
                     n.input(floats(n, batch, steps, groups * size))]
        if known is None:
            names += ["", ""]
        else:
            names += [n.input(floats(n, batch, groups, known, size)) for _ in "kv"]
        last = np.asarray(lengths or [total] * batch, np.int32) - 1
        names += [n.input(last), n.constant(np.asarray([total], np.int32))]
        if attributes.get("do_rotary"):
            names += tables(n, total + 3, attributes.get("part", size) // 2)
        else:
            names += ["", ""]
        places = n.rng.integers(0, total, (batch, steps)).astype(np.int64)
        names += [n.input(places) if positions else ""]
        names += [n.input(floats(n, *bias)) if bias else ""]
        while not names[-1]:
            names.pop()
        more = {k: v for k, v in attributes.items() if k != "part"}
        return n.node("GroupQueryAttention", names, "com.microsoft", 3, num_heads=heads,
                      kv_num_heads=groups, **more)

    return build


def rotary(domain, shape, heads=0, half=8, batch_positions=True, own_angles=False, **attributes):
    def build(n):
        x = n.input(floats(n, *shape))
        steps = shape[1] if len(shape) == 3 else shape[2]
        where = n.input(n.rng.integers(0, 20, (shape[0], steps)).astype(np.int64)
                        if batch_positions else np.asarray([3], np.int64))
        if heads:
            attributes["num_heads"] = heads
        if own_angles:
            angles = [n.input(floats(n, shape[0], steps, half)) for _ in "cs"]
            return n.node("RotaryEmbedding", [x] + angles, **attributes)
        angles = tables(n, 20, half)
        if domain:
            return n.ms("RotaryEmbedding", [x, where] + angles, **attributes)
        return n.node("RotaryEmbedding", [x] + angles + [where], **attributes)

    return build


def heads(queries, keys, past=None, bias=False, mask=None, scores=None, form="", count=2, size=16,
          **attributes):
    def build(n):
        width = count * size
        batch = 2 if mask in ("each", "ends") else 1
        names = [n.input(floats(n, batch, queries, width))]
        if form == "heads":
            names += [n.input(floats(n, batch, count, keys, size)) for _ in "kv"]
        else:
            names += [n.input(floats(n, batch, keys, width)) for _ in "kv"]
        names += [n.constant(floats(n, 3 * width, scale=0.3)) if bias else ""]
        every = keys + (past or 0)
        if mask == "each":
            names += [n.input((n.rng.random((batch, every)) < 0.7).astype(np.int32))]
        elif mask == "ends":
            names += [n.input(np.asarray([every - 2, every], np.int32))]
        else:
            names += [""]
        names += [n.input(floats(n, *scores)) if scores else ""]
        if past is not None:
            names += [n.input(floats(n, batch, count, past, size)) for _ in "kv"]
        while not names[-1]:
            names.pop()
        results = 3 if past is not None or form == "present" else 1
        return n.node("MultiHeadAttention", names, "com.microsoft", results, num_heads=count,
                      **attributes)

    return build


def nbits(bits, lead, columns=300, rows=23, block=32, zeros=False, bias=False, **attributes):
    def build(n):
        x = n.input(floats(n, *(lead + (columns,))))
        blocks = -(-columns // block)
        w = n.rng.integers(0, 256, (rows, blocks, block * bits // 8)).astype(np.uint8)
        names = [x, n.constant(w), n.constant(n.rng.uniform(0.01, 0.1, rows * blocks), np.float32)]
        z = n.rng.integers(0, 256, rows * -(-blocks * bits // 8)).astype(np.uint8)
        names += [n.constant(z) if zeros else "", "", n.constant(floats(n, rows)) if bias else ""]
        while not names[-1]:
            names.pop()
        return n.ms("MatMulNBits", names, K=columns, N=rows, bits=bits, block_size=block,
                    **attributes)

    return build


def rows_of_blocks(bits, zeros):
    def build(n):
        table = n.constant(n.rng.integers(0, 256, (10, 64 * bits // 8)).astype(np.uint8))
        names = [table, n.input(np.asarray([[0, 3, 9], [2, 2, 7]], np.int64)),
                 n.constant(n.rng.uniform(0.01, 0.1, (10, 4)), np.float32)]
        if zeros:
            names += [n.constant(n.rng.integers(0, 256, (10, 4 * bits // 8)).astype(np.uint8))]
        return n.ms("GatherBlockQuantized", names, bits=bits, block_size=16, gather_axis=0,
                    quantize_axis=1)

    return build


def infinite_mask(kind, softmax=True):
    """Scores and a mask of 0 and -inf, quantized as a calibration does: with infinite scales."""

    def build(n):
        zero, shift = (255, 0) if kind == "u8" else (127, -128)
        scores = n.dq(n.q(n.input(floats(n, 2, 5, 5)), 0.02, 128 + shift, kind), 0.02,
                      128 + shift, kind)
        mask = np.triu(np.full((5, 5), -np.inf, np.float32), 1)
        hidden = n.dq(n.q(n.constant(mask), np.inf, zero, kind), np.inf, zero, kind)
        y = n.q(n.node("Add", [scores, hidden]), np.inf, zero, kind)
        y = n.dq(y, np.inf, zero, kind)
        if not softmax:
            return n.q(n.node("Mul", [y, n.scale(0.5)]), 0.1, 5, kind)
        y = n.dq(n.q(n.node("Softmax", [y], axis=-1), 1 / 256, shift, kind), 1 / 256, shift, kind)
        return [y, n.q(y, 1 / 200, 3, kind)]

    return build


def cases(w):
    w.store("group_attention_first", group(5, None, 5))
    w.store("group_attention_first_buffer", group(5, 9, 5))
    w.store("group_attention_padded", group(5, 5, 5, batch=2, lengths=[5, 5]))
    w.store("group_attention_later", group(3, 6, 9))
    w.store("group_attention_one", group(1, 6, 7, size=24))
    w.store("group_attention_one_of_one", group(1, None, 1))
    w.store("group_attention_buffer", group(1, 9, 8, batch=2, lengths=[8, 6]))
    w.store("group_attention_buffer_several", group(3, 12, 9, lengths=[8]))
    w.store("group_attention_packed", group(4, 3, 7, packed=True))
    w.store("group_attention_window", group(5, 3, 8, local_window_size=3))
    w.store("group_attention_window_one", group(1, 8, 9, local_window_size=4))
    w.store("group_attention_scale", group(4, 3, 7, heads=2, scale=0.4))
    w.store("group_attention_bias", group(3, 4, 7, bias=(1, 4, 3, 7)))
    w.store("group_attention_bias_shared", group(1, 6, 7, bias=(1, 1, 1, 7)))
    w.store("group_attention_tiles", group(33, 7, 40, heads=2, groups=1))
    w.store("group_attention_cap", group(3, 4, 7, softcap=2.0), expect="close", tolerance=1e-6,
            tolerance_mean=3e-7)
    for name, more in (("", {}), ("_interleaved", {"rotary_interleaved": 1}),
                       ("_part", {"part": 16, "size": 32})):
        w.store("group_attention_rotary" + name, group(4, 3, 7, do_rotary=1, **more))
        w.store("group_attention_rotary_one" + name,
                group(1, 9, 8, batch=2, lengths=[8, 5], do_rotary=1, **more))
    w.store("group_attention_rotary_packed", group(3, 4, 7, do_rotary=1, packed=True))
    w.store("group_attention_rotary_positions", group(3, 4, 7, do_rotary=1, positions=True))
    for domain, name in (("com.microsoft", "rotary"), ("", "rotary_23")):
        opset = 17 if domain else 23
        w.store(name, rotary(domain, (2, 5, 32), 2), opset)
        w.store(name + "_interleaved", rotary(domain, (2, 5, 32), 2, interleaved=1), opset)
        w.store(name + "_in_heads", rotary(domain, (2, 3, 5, 16)), opset)
        w.store(name + "_part", rotary(domain, (1, 5, 64), 2, rotary_embedding_dim=16), opset)
    w.store("rotary_from", rotary("com.microsoft", (2, 5, 32), batch_positions=False))
    w.store("rotary_23_angles", rotary("", (2, 5, 32), 2, own_angles=True), 23)
    w.store("many_heads", heads(5, 7))
    w.store("many_heads_bias", heads(5, 7, bias=True))
    w.store("many_heads_one", heads(1, 7))
    w.store("many_heads_tiles", heads(33, 40, count=1))
    w.store("many_heads_in_heads", heads(5, 9, form="heads"))
    w.store("many_heads_present", heads(4, 4, form="present"))
    w.store("many_heads_past", heads(4, 4, past=3))
    w.store("many_heads_past_one", heads(1, 1, past=6, unidirectional=1))
    w.store("many_heads_later_hidden", heads(4, 4, past=3, unidirectional=1, bias=True))
    w.store("many_heads_scores", heads(4, 6, scores=(1, 2, 4, 6)))
    w.store("many_heads_scores_shared", heads(4, 6, scores=(1, 1, 4, 6), scale=0.3))
    w.store("many_heads_mask", heads(4, 6, mask="each"))
    w.store("many_heads_mask_ends", heads(4, 6, mask="ends", mask_filter_value=-100.0))
    for bits in (4, 8):
        for name, more in (("", {}), ("_zeros", {"zeros": True, "block": 16}),
                           ("_bias", {"bias": True, "block": 64, "columns": 320})):
            w.store("nbits_%d%s" % (bits, name), nbits(bits, (2, 3), **more))
        w.store("rows_of_blocks_%d" % bits, rows_of_blocks(bits, False))
        w.store("rows_of_blocks_%d_zeros" % bits, rows_of_blocks(bits, True))
    w.store("nbits_8_one_row", nbits(8, (1, 1), zeros=True))
    w.store("nbits_4_one_row", nbits(4, (1,), zeros=True, accuracy_level=1), expect="close",
            tolerance=2e-6, tolerance_mean=1e-6)
    for bits, more in ((4, {"zeros": True}), (8, {"block": 64})):
        w.store("nbits_%d_rounded" % bits, nbits(bits, (2, 3), accuracy_level=4, **more),
                expect="close", tolerance=2e-6, tolerance_mean=1e-6)
    for kind in ("u8", "s8"):
        w.store("infinite_mask_" + kind, infinite_mask(kind))
        w.store("infinite_mask_alone_" + kind, infinite_mask(kind, False))
