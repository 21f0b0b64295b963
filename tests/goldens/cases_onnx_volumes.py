"""Further cases of make_goldens_onnx.py: convolutions and pools of volumes, biases of every shape,
places of maxima, images resized channels last, scales that are computed when they are needed, as
tools before DynamicQuantizeLinear wrote it, and what is no number."""
import numpy as np
from onnx import TensorProto

TYPES = {"u8": np.uint8, "s8": np.int8}
NAN = np.float32(np.nan)


def floats(n, *shape, scale=1.0):
    return n.rng.normal(0, scale, shape).astype(np.float32)


def weights_of(n, xt, wt, *shape):
    low, high = (-64, 63) if (xt, wt) == ("u8", "s8") else (None, None)
    return n.codes(wt, *shape, low=low, high=high)


# ---- convolutions of volumes ----

WINDOWS = {"strides": [2, 1, 2], "pads": [1, 0, 1, 0, 1, 1]}
DILATED = {"dilations": [2, 1, 2], "pads": [2, 1, 0, 1, 1, 2]}


def volumes(xt, wt, groups=1, width=(4, 6), channels=False, **attributes):
    """QLinearConv."""

    def build(n):
        x = n.input(n.codes(xt, 2, width[0], 5, 6, 7))
        w = weights_of(n, xt, wt, width[1], width[0] // groups, 3, 2, 2)
        sw = n.rng.uniform(0.01, 0.02, width[1]) if channels else 0.015
        zw = 0 if wt == "s8" else 121
        sy = 0.037 * 0.015 * 60 * 60 * np.sqrt(w[0].size) / 90
        names = [x] + n.parameters(0.037, 131 if xt == "u8" else 7, xt)
        names += [n.constant(w)] + n.parameters(sw, np.full(width[1], zw) if channels else zw, wt)
        names += n.parameters(sy, 117 if xt == "u8" else 5, xt)
        names.append(n.constant(n.rng.integers(-9000, 9000, width[1]), np.int32))
        return n.node("QLinearConv", names, group=groups, **attributes)

    return build


def integer_volumes(xt, wt, computed=False, groups=1, batch=1, **attributes):
    def build(n):
        w = weights_of(n, xt, wt, 6, 4 // groups, 3, 2, 2)
        if computed:
            x = n.input(n.rng.uniform(-1, 3, (batch, 4, 5, 6, 7)).astype(np.float32))
            x, _, zero = n.node("DynamicQuantizeLinear", [x], outputs=3)
        else:
            x = n.input(n.codes(xt, 2, 4, 5, 6, 7))
            zero = n.constant(TYPES[xt](77))
        return n.node("ConvInteger", [x, n.constant(w), zero, n.constant(TYPES[wt](3))],
                      group=groups, **attributes)

    return build


def float_volumes(groups=1, width=(4, 6), kernel=(3, 2, 3), behind=None, **attributes):
    def build(n):
        x = n.input(floats(n, 2, width[0], 5, 6, 7))
        w = n.constant(floats(n, width[1], width[0] // groups, *kernel, scale=0.4))
        y = n.node("Conv", [x, w, n.constant(floats(n, width[1]))], group=groups, **attributes)
        if behind == "norm":
            names = [n.constant(np.abs(floats(n, width[1])) + 0.5) for _ in range(4)]
            y = n.node("BatchNormalization", [y] + names)
        return y

    return build


def qdq_volumes(n):
    """Q, DQ around a convolution, two pools and a mean of all; float in and out."""
    x = n.input(n.rng.uniform(-1, 3, (1, 4, 6, 7, 8)).astype(np.float32))

    def pair(v, scale, zero):
        return n.dq(n.q(v, scale, zero, "u8"), scale, zero, "u8")

    w = n.dq(n.constant(n.codes("s8", 6, 4, 2, 3, 3, low=-64, high=63)),
             n.rng.uniform(0.004, 0.008, 6), np.zeros(6), "s8", axis=0)
    y = n.node("Relu", [n.node("Conv", [pair(x, 0.016, 63), w], pads=[0, 1, 1, 1, 1, 1])])
    y = n.node("MaxPool", [pair(y, 0.03, 0)], kernel_shape=[2, 2, 2])
    y = n.node("AveragePool", [pair(y, 0.03, 0)], kernel_shape=[1, 2, 2], strides=[1, 2, 2])
    y = n.node("GlobalAveragePool", [pair(y, 0.028, 0)])
    return pair(y, 0.02, 3)


# ---- pools of volumes ----

def pooled(op, kind=None, shape=(2, 3, 5, 6, 9), **attributes):
    def build(n):
        x = n.input(floats(n, *shape) if kind is None else n.every_code(kind, *shape))
        return n.node(op, [x], **attributes)

    return build


def quantized_average(kind, everything=False, **attributes):
    def build(n):
        zero = 100 if kind == "u8" else -11
        names = [n.input(n.every_code(kind, 2, 3, 5, 6, 9))] + n.parameters(0.05, zero, kind)
        op = "QLinearGlobalAveragePool" if everything else "QLinearAveragePool"
        return n.ms(op, names + n.parameters(0.013 if everything else 0.037, zero + 31, kind),
                    **attributes)

    return build


# ---- places of maxima ----

def places(kind, *shape, **attributes):
    """Few different values: the first of equal ones counts."""

    def build(n):
        if kind is None:
            x = n.rng.integers(-4, 5, shape).astype(np.float32)
            x.reshape(-1)[::7] = -np.inf
            x.reshape(-1)[5::31] = NAN
        else:
            low = np.iinfo(TYPES[kind]).min
            x = n.codes(kind, *shape, low=low, high=low + 3)
        return n.node("MaxPool", [n.input(x)], outputs=2, **attributes)

    return build


# ---- biases ----

def biased(*shape, out=True, computed=False, alpha=1.0):
    """QGemm."""

    def build(n):
        names = [n.input(n.codes("u8", 5, 19))] + n.parameters(0.02, 100, "u8")
        names += [n.constant(n.codes("s8", 19, 7, low=-64, high=63))]
        names += n.parameters(n.rng.uniform(0.01, 0.02, 7), np.zeros(7), "s8")
        b = n.rng.integers(-9000, 9000, shape).astype(np.int32)
        names.append(n.input(b) if computed else n.constant(b))
        return n.ms("QGemm", names + (n.parameters(0.05, 130, "u8") if out else []), alpha=alpha)

    return build


def qdq_biased(*shape, out=True):
    """Gemm between DQ and Q, its bias dequantized int32."""

    def build(n):
        x = n.dq(n.input(n.codes("u8", 5, 19)), 0.02, 100, "u8")
        w = n.dq(n.constant(n.codes("s8", 19, 7, low=-64, high=63)), 0.013, 0, "s8")
        b = n.constant(n.rng.integers(-9000, 9000, shape).astype(np.int32))
        b = n.node("DequantizeLinear", [b, n.scale(np.float32(0.02) * np.float32(0.013)),
                                        n.constant(np.int32(0))])
        y = n.node("Gemm", [x, w, b])
        return n.q(y, 0.05, 130, "u8") if out else y

    return build


# ---- scales that are computed, before DynamicQuantizeLinear ----

def unsigned_parameters(n, x):
    low, high = (n.node(op, [x], keepdims=0) for op in ("ReduceMin", "ReduceMax"))
    scale = n.node("Div", [n.node("Sub", [high, low]), n.scale(255)])
    zero = n.node("Div", [n.node("Sub", [n.scale(0), low]), scale])
    return scale, n.node("Cast", [n.node("Floor", [zero])], to=TensorProto.UINT8)


def signed_parameters(n, x):
    ends = [n.node("Abs", [n.node(op, [x], keepdims=0)]) for op in ("ReduceMin", "ReduceMax")]
    scale = n.node("Div", [n.node("Max", ends), n.scale(127)])
    return scale, n.constant(np.int8(0))


def chosen_scales(layer, kind="u8", low=-1.0, bias=False):
    """A layer as quantize() of ONNX Runtime 1.0 to 1.4 wrote it for opset 10."""

    def build(n):
        convolution = layer == "ConvInteger"
        x = n.input(n.rng.uniform(low, 3, (1, 3, 6, 7) if convolution else (3, 17))
                    .astype(np.float32))
        scale, zero = (unsigned_parameters if kind == "u8" else signed_parameters)(n, x)
        codes = n.node("QuantizeLinear", [x, scale, zero])
        w = n.codes("s8", *((4, 3, 3, 3) if convolution else (17, 6)), low=-64, high=63)
        by = n.scale(0.0117)
        y = n.node(layer, [codes, n.constant(w), zero, n.constant(np.int8(0))],
                   **({"pads": [1, 1, 0, 1]} if convolution else {}))
        if bias:
            b = n.node("Div", [n.constant(floats(n, 4)), n.node("Mul", [scale, by])])
            b = n.node("Cast", [n.node("Floor", [b])], to=TensorProto.INT32)
            y = n.node("Add", [y, n.node("Reshape", [b, n.constant([1, -1, 1, 1], np.int64)])])
        y = n.node("Cast", [y], to=TensorProto.FLOAT)
        return [n.node("Mul", [y, n.node("Mul", [scale, by])]),
                n.node("DequantizeLinear", [codes, scale, zero])]

    return build


def quantized_by(kind):
    """QuantizeLinear and DequantizeLinear by inputs of the network, at ties and beyond codes."""

    def build(n):
        x = (n.rng.integers(-300, 300, (5, 40)) + 0.5).astype(np.float32) * np.float32(0.25)
        x[0, :4] = [NAN, np.inf, -np.inf, 3e9]
        names = [n.input(x), n.input(np.asarray([0.25], np.float32)),
                 n.input(np.asarray([100 if kind == "u8" else -3], TYPES[kind]))]
        y = n.node("QuantizeLinear", names)
        return [y, n.node("DequantizeLinear", [y] + names[1:])]

    return build


def cast_numbers(n):
    """Floats as integers that cannot hold them."""
    x = n.input(np.asarray([-300.7, -1.5, -0.5, 0.9, 1.7, 254.6, 255.9, 256, 300, 70000.2, -40000,
                            1e6, -1e6, 127.9, 128, -128.9, -129.1, NAN], np.float32))
    return [n.node("Cast", [x], to=t) for t in (TensorProto.UINT8, TensorProto.INT8,
                                                TensorProto.UINT16, TensorProto.INT16)]


# ---- what is no number ----

def numbers(n, *shape):
    x = floats(n, *shape)
    x.reshape(-1)[n.rng.random(x.size) < 0.3] = NAN
    return x


def extremes(second):
    def build(n):
        a = n.input(numbers(n, 3, 8))
        if second is None:
            b = n.input(numbers(n, 3, 8))
        else:
            b = n.constant(np.float32(second))
        c = n.input(numbers(n, 8))
        return [n.node(op, names) for op in ("Min", "Max")
                for names in ([a, b], [b, a], [a, b, c])]

    return build


def signs(n):
    x = numbers(n, 3, 8)
    x[0, :5] = [0, -0.0, np.inf, -np.inf, NAN]
    x = n.input(x)
    return [n.node("Sign", [x]), n.node("Clip", [x]), n.node("Clip", [x, n.scale(-0.5)])]


# ---- linear Resize of codes, which runs channels last behind QLinearConv ----

def behind_layers(kind, between=(), after=(), sizes=(15, 19), **attributes):
    """QLinearConv, `between`, Resize, `after`: names of operators of codes."""

    def build(n):
        zero = 131 if kind == "u8" else 7
        same = n.parameters(0.05, zero, kind)

        def conv(x):
            w = n.constant(weights_of(n, kind, "s8", 4, 4, 1, 1))
            return n.node("QLinearConv", [x] + same + [w] + n.parameters(0.012, 0, "s8") + same)

        def step(op, v):
            if op == "conv":
                return conv(v)
            if op == "other":
                return n.ms("QLinearAdd", [v] + same + [conv(x)] + same + same)
            if op == "one":
                return n.ms("QLinearMul", [v] + same + [n.constant(TYPES[kind](zero + 25))] + same
                            + same)
            if op == "average":
                return n.ms("QLinearAveragePool", [v] + same + same, kernel_shape=[2, 2])
            if op == "max":
                return n.node("MaxPool", [v], kernel_shape=[2, 2])
            return n.ms(op, [v] + same + same)

        x = n.input(n.every_code(kind, 2, 4, 9, 12))
        y = conv(x)
        for op in between:
            y = step(op, y)
        y = n.node("Resize", [y, "", "", n.constant([2, 4] + list(sizes), np.int64)],
                   mode="linear", **attributes)
        for op in after:
            y = step(op, y)
        return y

    return build


def transposed_volume(groups=1, bias=True, **attributes):
    def build(n):
        inputs, outputs = 4, 6 // groups
        names = [n.input(floats(n, 2, inputs, 3, 2, 4)),
                 n.constant(floats(n, inputs, outputs, 2, 3, 2, scale=0.5))]
        if bias:
            names.append(n.constant(floats(n, outputs * groups)))
        return n.node("ConvTranspose", names, group=groups, **attributes)

    return build


def transposed_dilated(n):
    return n.node("ConvTranspose", [n.input(floats(n, 1, 3, 4, 5)),
                                    n.constant(floats(n, 3, 2, 3, 2)), n.constant(floats(n, 2))],
                  dilations=[2, 3], strides=[1, 2], pads=[1, 0, 2, 1])


def cases_of_transposed_volumes(w):
    w.store("conv_transpose_dilated", transposed_dilated)
    w.store("volume_transposed", transposed_volume(strides=[2, 1, 3], pads=[1, 0, 1, 0, 1, 0]))
    w.store("volume_transposed_groups", transposed_volume(2, False, strides=[1, 2, 2],
                                                          dilations=[2, 1, 1],
                                                          output_padding=[0, 1, 1]))
    w.store("volume_transposed_same", transposed_volume(strides=[2, 2, 2], auto_pad="SAME_UPPER"))


def cases_of_resizing(w):
    how = "coordinate_transformation_mode"
    for kind in ("u8", "s8"):
        w.store("resize_behind_conv_" + kind, behind_layers(kind))
        w.store("resize_behind_conv_corners_" + kind,
                behind_layers(kind, sizes=(17, 5), **{how: "align_corners"}))
    w.store("resize_behind_conv_edge", behind_layers("u8", **{how: "asymmetric"}))
    w.store("resize_behind_conv_height", behind_layers("u8", sizes=(9, 19)))
    w.store("resize_behind_conv_height_corners", behind_layers("s8", sizes=(9, 7), **{
        how: "align_corners"}))
    w.store("resize_behind_conv_symmetric", behind_layers("u8", **{how: "half_pixel_symmetric"}),
            19)
    w.store("resize_behind_conv_one_row", behind_layers("s8", sizes=(1, 20),
                                                        **{how: "pytorch_half_pixel"}))
    for name, between, after in (("sum", ["other"], []), ("max", ["max"], []),
                                 ("leaky", ["QLinearLeakyRelu"], []),
                                 ("leaky_conv", ["QLinearLeakyRelu"], ["conv"]),
                                 ("average_conv", ["average"], ["max", "conv"]),
                                 ("product", ["one"], []), ("product_conv", ["one"], ["conv"])):
        w.store("resize_behind_" + name, behind_layers("u8", between, after))


def cases_of_volumes(w):
    for xt, wt in (("u8", "u8"), ("u8", "s8"), ("s8", "s8")):
        w.store("volume_conv_" + xt + wt, volumes(xt, wt, **WINDOWS))
        w.store("volume_integers_" + xt + wt, integer_volumes(xt, wt, **WINDOWS))
    w.store("volume_conv_channels", volumes("u8", "s8", channels=True, **DILATED))
    w.store("volume_conv_groups", volumes("u8", "s8", 2, **DILATED))
    w.store("volume_conv_depthwise", volumes("u8", "s8", 4, (4, 4), True, **WINDOWS))
    w.store("volume_conv_same", volumes("u8", "u8", auto_pad="SAME_LOWER", strides=[2, 1, 2]))
    w.store("volume_integers_computed", integer_volumes("u8", "s8", True, **WINDOWS), 11)
    w.store("volume_integers_computed_batch",
            integer_volumes("u8", "s8", True, batch=2, **WINDOWS), 11)
    w.store("volume_integers_groups", integer_volumes("u8", "s8", True, 2, **DILATED), 11)
    w.store("volume_float", float_volumes(**WINDOWS))
    w.store("volume_float_groups", float_volumes(2, **DILATED))
    w.store("volume_float_depthwise", float_volumes(4, (4, 4), **WINDOWS))
    w.store("volume_float_long", float_volumes(width=(40, 6), pads=[1] * 6))
    w.store("volume_float_norm", float_volumes(behind="norm"))
    w.store("volume_qdq", qdq_volumes, 13)
    window = {"kernel_shape": [2, 3, 2], "strides": [2, 1, 2], "pads": [1, 1, 0, 0, 1, 1]}
    for kind in (None, "u8", "s8"):
        name = kind or "float"
        w.store("volume_max_" + name, pooled("MaxPool", kind, **window))
        w.store("volume_max_ceil_" + name, pooled("MaxPool", kind, kernel_shape=[2, 3, 2],
                                                  strides=[2, 2, 2], dilations=[1, 2, 3],
                                                  ceil_mode=1))
    w.store("volume_max_all", pooled("GlobalMaxPool"))
    w.store("volume_average", pooled("AveragePool", **window))
    w.store("volume_average_padding", pooled("AveragePool", count_include_pad=1, **window))
    w.store("volume_average_ceil", pooled("AveragePool", ceil_mode=1, **window))
    w.store("volume_average_ceil_padding", pooled("AveragePool", ceil_mode=1, count_include_pad=1,
                                                  **window))
    w.store("volume_average_strides", pooled("AveragePool", kernel_shape=[3, 3, 3],
                                             strides=[1, 1, 3]))
    w.store("volume_average_loops", pooled("AveragePool", kernel_shape=[3, 3, 3],
                                           dilations=[1, 2, 2], pads=[1] * 6), 19)
    w.store("volume_average_image", pooled("AveragePool", kernel_shape=[5, 6, 9]))
    w.store("volume_average_all", pooled("GlobalAveragePool"))
    for kind in ("u8", "s8"):
        w.store("volume_average_" + kind, quantized_average(kind, **window))
        w.store("volume_average_padding_" + kind, quantized_average(kind, count_include_pad=1,
                                                                    **window))
        w.store("volume_average_all_" + kind, quantized_average(kind, True))


def cases(w):
    cases_of_volumes(w)
    cases_of_resizing(w)
    cases_of_transposed_volumes(w)
    for name, kind, shape, more in (
            ("row", None, (2, 3, 17), {"kernel_shape": [3], "pads": [1, 1]}),
            ("image", None, (2, 3, 9, 8), {"kernel_shape": [2, 3], "pads": [1, 1, 0, 1]}),
            ("dilated", None, (1, 4, 9, 8), {"kernel_shape": [3, 2], "dilations": [2, 3],
                                             "strides": [2, 1], "pads": [2, 1, 1, 1]}),
            ("ceil", "u8", (2, 3, 9, 8), {"kernel_shape": [3, 3], "strides": [2, 2],
                                          "ceil_mode": 1}),
            ("volume", None, (2, 3, 4, 5, 6), {"kernel_shape": [2, 2, 3], "pads": [1] * 6}),
            ("codes", "s8", (2, 3, 4, 5, 6), {"kernel_shape": [2, 2, 2], "strides": [2, 2, 2]})):
        w.store("places_" + name, places(kind, *shape, **more))
        w.store("places_columns_" + name, places(kind, *shape, storage_order=1, **more))
    for name, shape in (("columns", (7,)), ("row", (1, 7)), ("rows", (5, 1)), ("each", (5, 7)),
                        ("one", ()), ("single", (1,))):
        w.store("gemm_quantized_bias_" + name, biased(*shape))
        w.store("qdq_gemm_bias_" + name, qdq_biased(*shape))
    w.store("gemm_float_bias_rows", biased(5, 1, out=False))
    w.store("qdq_gemm_float_bias_rows", qdq_biased(5, 1, out=False))
    w.store("gemm_computed_bias", biased(7, computed=True))
    w.store("gemm_alpha_bias", biased(5, 1, alpha=0.37))
    for layer in ("ConvInteger", "MatMulInteger"):
        name = "conv" if layer == "ConvInteger" else "matmul"
        w.store("chosen_scales_" + name, chosen_scales(layer, bias=layer == "ConvInteger"), 10)
        w.store("chosen_scales_positive_" + name, chosen_scales(layer, low=1.0), 10)
    w.store("chosen_scales_signed", chosen_scales("MatMulInteger", "s8"), 10)
    w.store("quantized_by_inputs_u8", quantized_by("u8"))
    w.store("quantized_by_inputs_s8", quantized_by("s8"))
    w.store("cast_numbers", cast_numbers)
    w.store("nan_extremes", extremes(None))
    w.store("nan_extremes_number", extremes(0.3))
    w.store("nan_extremes_constant", extremes(np.nan))
    w.store("nan_signs", signs)
