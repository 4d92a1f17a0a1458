"""The LSTM cell, elementwise.  kernels/README.md, L1 to L6."""

from .ops import constant, sigmoid, tanh


def step(c_prev, pre_i, pre_f, pre_g, pre_o):
    """One step from the summed products: ``(h, c, i, f, g, o)``."""
    i = sigmoid(pre_i)  # L1
    f = sigmoid(pre_f)  # L2
    g = tanh(pre_g)  # L3
    o = sigmoid(pre_o)  # L4
    c = f * c_prev + i * g  # L5
    h = o * tanh(c)  # L6
    return h, c, i, f, g, o


def step_gradient(dh, dc_next, c_prev, c, i, f, g, o):
    """The chain rule of one step: ``(dc_prev, dpre_i, dpre_f, dpre_g, dpre_o)``."""
    one = constant(c, 1)
    tanh_c = tanh(c)
    do = dh * tanh_c  # L6
    dc = dh * o * (one - tanh_c * tanh_c) + dc_next  # L6
    di = dc * g  # L5
    df = dc * c_prev  # L5
    dg = dc * i  # L5
    dc_prev = dc * f  # L5
    dpre_o = do * o * (one - o)  # L4
    dpre_g = dg * (one - g * g)  # L3
    dpre_f = df * f * (one - f)  # L2
    dpre_i = di * i * (one - i)  # L1
    return dc_prev, dpre_i, dpre_f, dpre_g, dpre_o
