"""Further cases of make_goldens_onnx.py: float weights between DequantizeLinear and
QuantizeLinear, layers that fold into a convolution first, biases and scales that keep a group in
float. Activations have codes below 128: sums of two products stay within 16 bits on any CPU."""
import numpy as np


def activations(n, *shape, scale=0.0371, zero=57, **attributes):
    x = n.input(n.codes("u8", *shape, low=0, high=127))
    return n.dq(x, scale, zero, "u8", **attributes)


def numbers(n, *shape, low=-0.4, high=0.3):
    return n.constant(n.rng.uniform(low, high, shape).astype(np.float32))


def normalization(n, y, channels, **attributes):
    low = {"low": 0.5, "high": 1.5}
    return n.node("BatchNormalization", [y] + [numbers(n, channels, **low) for _ in range(4)],
                  **attributes)


def float_weights(op="Conv", shape=(6, 4, 3, 2), bias=False, low=-0.4, high=0.3, behind=None,
                  quantized=True, x=(2, 4, 7, 6), zero=121, **attributes):
    """`behind`: the layers between it and QuantizeLinear."""

    def build(n):
        inputs = [activations(n, *x), numbers(n, *shape, low=low, high=high)]
        channels = shape[1] * attributes.get("group", 1) if op == "ConvTranspose" else \
            shape[0 if op == "Conv" or attributes.get("transB") else 1]
        if bias:
            inputs.append(numbers(n, channels, low=-1, high=1))
        y = n.node(op, inputs, **attributes)
        if behind:
            y = behind(n, y, channels)
        return n.q(y, 0.05, zero, "u8") if quantized else n.node("Tanh", [y])

    return build


def pair(op, shape, first=False):
    def behind(n, y, channels):
        c = numbers(n, *[channels if e == "C" else e for e in shape], low=0.5, high=1.5)
        return n.node(op, [c, y] if first else [y, c])

    return behind


def chain(n, y, channels):
    y = normalization(n, y, channels, epsilon=0.001)
    return pair("Add", ("C", 1, 1))(n, pair("Mul", (1, "C", 1, 1))(n, y, channels), channels)


def relu(n, y, channels):
    return n.node("Relu", [y])


def scaled_bias(by=1.0, of=None, zero=None, weights_scales=6, bias_scales=6):
    """An int32 bias whose scale is `by` times the accumulator's, in channel `of` or in all."""

    def build(n):
        x = activations(n, 1, 4, 6, 5)
        sw = np.full(weights_scales, 0.0123, np.float32)
        axis = {"axis": 0}
        w = n.dq(n.constant(n.codes("s8", 6, 4, 3, 3, low=-64, high=63)),
                 sw if weights_scales > 1 else sw[0], np.zeros(6 if weights_scales > 1 else ()),
                 "s8", **(axis if weights_scales > 1 else {}))
        factors = np.full(bias_scales, by, np.float32)
        if of is not None:
            factors = np.where(np.arange(bias_scales) == of, by, 1).astype(np.float32)
        sb = np.float32(np.float32(0.0371) * sw[0]) * factors
        inputs = [n.constant(n.rng.integers(-3000, 3000, 6), np.int32),
                  n.constant(sb if bias_scales > 1 else sb[0])]
        if zero is not None:
            inputs.append(n.constant(np.full(sb.shape if bias_scales > 1 else (), zero), np.int32))
        b = n.node("DequantizeLinear", inputs, **(axis if bias_scales > 1 else {}))
        return n.q(n.node("Conv", [x, w, b]), 0.05, 121, "u8")

    return build


def scaled_gemm(alpha, bias=True, quantized=True, zeros=True):
    def build(n):
        x = activations(n, 5, 16)
        scale = np.float32(0.0123)
        w = n.constant(n.codes("s8", 16, 7, low=-64, high=63))
        w = n.dq(w, scale, 0, "s8") if zeros else n.node("DequantizeLinear", [w, n.scale(scale)])
        inputs = [x, w]
        if bias:
            inputs.append(n.node("DequantizeLinear", [
                n.constant(n.rng.integers(-3000, 3000, 7), np.int32),
                n.scale(np.float32(0.0371) * scale)]))
        y = n.node("Gemm", inputs, alpha=alpha)
        return n.q(y, 0.05, 121, "u8") if quantized else y

    return build


def channels(op):
    """Scales for each channel of the activations, or for each row of the weights."""

    def build(n):
        of_weights = op == "MatMul rows"
        name = op.split()[0]
        shape = (5, 12) if name in ("MatMul", "Gemm") else (1, 4, 6, 5)
        count = shape[1]
        scales = n.rng.uniform(0.01, 0.04, count).astype(np.float32)
        zeros = n.rng.integers(40, 80, count)
        x = activations(n, *shape) if of_weights else activations(n, *shape, scale=scales,
                                                                  zero=zeros, axis=1)
        if name == "Conv":
            w = n.dq(n.constant(n.codes("s8", 6, 4, 3, 3, low=-64, high=63)), 0.0123, 0, "s8")
            b = n.node("DequantizeLinear", [n.constant(n.rng.integers(-3000, 3000, 6), np.int32),
                                            n.scale(0.0005)])
            y = n.node(name, [x, w, b])
        elif name == "Softmax":
            y = n.node(name, [x], axis=-1)
            return n.q(y, 1 / 256, 0, "u8")
        elif name in ("Add", "Mul"):
            y = n.node(name, [x, activations(n, *shape)])
        else:
            w = n.constant(n.codes("s8", 12, 7, low=-64, high=63))
            w = n.dq(w, scales, np.zeros(count), "s8", axis=0) if of_weights \
                else n.dq(w, 0.0123, 0, "s8")
            y = n.node(name, [x, w])
        return n.q(y, 0.05, 121, "u8")

    return build


def cases(w):
    matrix = {"op": "Gemm", "x": (5, 16)}
    w.store("float_weights", float_weights())
    w.store("float_weights_bias", float_weights(bias=True, pads=[1, 0, 1, 1]))
    w.store("float_weights_groups", float_weights(shape=(6, 2, 3, 3), bias=True, group=2))
    w.store("float_weights_row", float_weights(shape=(6, 4, 3), bias=True, x=(2, 4, 9)))
    w.store("float_weights_point", float_weights(shape=(6, 4, 1, 1), low=0, high=0.2))
    w.store("float_weights_negative", float_weights(low=-0.3, high=-0.1))
    w.store("float_weights_equal", float_weights(low=0.25, high=0.25))
    w.store("float_weights_zero", float_weights(low=0, high=0, bias=True))
    w.store("float_weights_relu", float_weights(bias=True, behind=relu))
    w.store("float_weights_gemm", float_weights(shape=(16, 7), bias=True, **matrix))
    w.store("float_weights_gemm_transposed", float_weights(shape=(7, 16), transB=1, **matrix))
    w.store("float_weights_transposed", float_weights("ConvTranspose", (4, 6, 3, 2), True))
    w.store("float_weights_kept", float_weights(behind=pair("Add", (1, 1, 6, 5)), x=(1, 4, 8, 6)))
    w.store("folded_normalization", float_weights(bias=True, behind=normalization))
    w.store("folded_normalization_alone", float_weights(behind=normalization))
    w.store("folded_product", float_weights(bias=True, behind=pair("Mul", ("C", 1, 1))))
    w.store("folded_number", float_weights(bias=True, behind=pair("Mul", ())))
    w.store("folded_sum", float_weights(bias=True, behind=pair("Add", (1, "C", 1, 1))))
    w.store("folded_sum_alone", float_weights(behind=pair("Add", ("C", 1, 1))))
    w.store("folded_chain", float_weights(bias=True, behind=chain))
    w.store("folded_first", float_weights(behind=pair("Mul", ("C", 1, 1), True)))
    w.store("folded_one_element", float_weights(behind=pair("Mul", (1,))))
    w.store("folded_float", float_weights(bias=True, behind=chain, quantized=False))
    w.store("folded_transposed", float_weights("ConvTranspose", (4, 3, 3, 2), True, group=2,
                                               behind=normalization))
    w.store("bias_scale_near", scaled_bias(1.012))
    w.store("bias_scale_near_one", scaled_bias(1.011, bias_scales=1, weights_scales=1, zero=0))
    w.store("bias_scale_beyond", scaled_bias(1.0125))
    w.store("bias_scale_one_channel", scaled_bias(1.5, of=4))
    w.store("bias_scale_of_one", scaled_bias(bias_scales=1))
    w.store("bias_scale_of_channels", scaled_bias(weights_scales=1, zero=0))
    w.store("bias_zero_point", scaled_bias(zero=50))
    w.store("qdq_gemm_alpha", scaled_gemm(0.7))
    w.store("qdq_gemm_alpha_float", scaled_gemm(2.0, quantized=False))
    w.store("qdq_gemm_alpha_alone", scaled_gemm(0.7, bias=False))
    w.store("qdq_gemm_no_zero_point", scaled_gemm(1.0, zeros=False))
    for op in ("Conv", "MatMul", "MatMul rows", "Gemm", "Add", "Mul", "Softmax"):
        w.store("channels_" + op.lower().replace(" ", "_"), channels(op))
