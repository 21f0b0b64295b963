"""Goldens of the operators that keep state: the integer LSTM and SVDF, several calls of one
interpreter each."""
import numpy as np

from tflite_file import Model


def lstm(w, tag, batch, steps, channels, units, cell, coupled=False, time_major=False, clip=0.0,
         hidden=(1 / 128, 0), state=None, peepholes=False, norm=False):
    """`cell`: log2 of the cell's scale. `coupled`: no input gate of its own. `state`: extent of a
    projection."""
    name = "lstm_" + tag
    r = w.rng(name)
    m = Model()
    shape = (steps, batch) if time_major else (batch, steps)
    ins = [m.input(shape + (channels,), "int8", 0.0201, -9)] + [-1] * 23
    for gate in range(4):
        if coupled and gate == 0:
            continue
        ins[1 + gate] = m.const(r.integers(-127, 128, (units, channels)).astype(np.int8),
                                r.uniform(0.002, 0.01))
        ins[5 + gate] = m.const(r.integers(-127, 128, (units, state or units)).astype(np.int8),
                                r.uniform(0.002, 0.01))
        ins[12 + gate] = m.const(r.integers(-3000, 3000, units).astype(np.int32), 1e-4)
        if peepholes and gate != 2:
            ins[9 + min(gate, 2)] = m.const(r.integers(-9000, 9000, units).astype(np.int16), 3e-5)
        if norm:
            ins[20 + gate] = m.const(r.integers(9000, 30000, units).astype(np.int16), 3e-5)
    if state:
        ins[16] = m.const(r.integers(-127, 128, (state, units)).astype(np.int8), 0.008)
        ins[17] = m.const(r.integers(-3000, 3000, state).astype(np.int32), 1e-4)
    result = (0.009, -11) if state else hidden
    ins[18] = m.variable((batch, state or units), "int8", *result)
    ins[19] = m.variable((batch, units), "int16", 2.0**cell)
    between = [m.tensor((0,), "int16", 2.0**-12 if not norm else 0.0003 + 0.0001 * i)
               for i in range(4)] + [m.tensor((0,), "int8", *hidden)]
    o = m.tensor(shape + (state or units,), "int8", *result)
    m.op("UNIDIRECTIONAL_SEQUENCE_LSTM", ins, [o], "UnidirectionalSequenceLSTMOptions", between,
         fusedActivationFunction=4, cellClip=clip, projClip=0.0, timeMajor=time_major)
    m.output(o)
    w.add_calls(name, m, [[r.integers(-128, 128, shape + (channels,)).astype(np.int8)]
                          for _ in range(3)])


def svdf(w, tag, batch, channels, units, rank, memory, zero, bias=True):
    name = "svdf_" + tag
    r = w.rng(name)
    filters, ratio = units * rank, (0.0009, 0.0007)
    m = Model()
    i = m.input((batch, channels), "int8", 0.0301, zero)
    feature = m.const(r.integers(-127, 128, (filters, channels)).astype(np.int8), 0.0061)
    time = m.const(r.integers(-3000, 3001, (filters, memory)).astype(np.int16), ratio[1])
    b = m.const(r.integers(-100000, 100001, units).astype(np.int32),
                ratio[0] * ratio[1]) if bias else -1
    state = m.variable((batch, filters * memory), "int16", ratio[0])
    o = m.tensor((batch, units), "int8", 0.11, -17)
    m.op("SVDF", [i, feature, time, b, state], [o], "SVDFOptions", rank=rank,
         fusedActivationFunction=1)
    m.output(o)
    w.add_calls(name, m, [[r.integers(-128, 128, (batch, channels)).astype(np.int8)]
                          for _ in range(memory + 2)])


def make(w):
    lstm(w, "plain", 1, 4, 7, 9, -11)
    lstm(w, "coupled", 2, 3, 5, 6, -13, coupled=True, hidden=(0.0061, 11))
    lstm(w, "time_major_clip", 2, 4, 3, 5, -10, time_major=True, clip=0.5)
    lstm(w, "finest_cell", 1, 5, 8, 4, -15, hidden=(0.0047, -20))
    lstm(w, "cell_too_fine", 2, 4, 7, 6, -16)
    lstm(w, "projection", 1, 3, 6, 7, -12, hidden=(0.006, 9), state=4)
    lstm(w, "peepholes", 1, 4, 5, 6, -11, peepholes=True)
    lstm(w, "normalized", 2, 3, 6, 5, -12, norm=True)
    svdf(w, "rank1", 1, 19, 5, 1, 4, -128)
    svdf(w, "rank2", 2, 8, 4, 2, 3, 21)
