"""The RNN cell, elementwise: h = tanh(pre) or relu(pre).  kernels/README.md, R1."""

# ruff: noqa: ARG001  every cell takes the same arguments

from .ops import constant, d_relu, relu, tanh


def tanh_step(state, pre):
    """One step: ``(h, state, n)``; an RNN has no state beside h, so ``state`` passes through."""
    n = tanh(pre)  # R1
    return n, state, n


def tanh_step_gradient(dh, carry, state_prev, state, n):
    """The chain rule of one step: ``(carry, dpre)``; ``n`` is what the step returned."""
    dpre = dh * (constant(n, 1) - n * n)
    return carry, dpre


def relu_step(state, pre):
    """One step: ``(h, state, n)``."""
    n = relu(pre)  # R1
    return n, state, n


def relu_step_gradient(dh, carry, state_prev, state, n):
    """The chain rule of one step: ``(carry, dpre)``."""
    dpre = d_relu(n, dh)
    return carry, dpre
