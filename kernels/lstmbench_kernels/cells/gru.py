"""The GRU cell, elementwise, reset applied after the product.  kernels/README.md, G1 to G4.

Its candidate needs two sums, one over the input and one over the hidden state: ``pre_n`` and
``pre_m``.  They stand first and last, so that what the input feeds (n, r, z) and what the hidden
state feeds (r, z, m) are each side by side.
"""

# ruff: noqa: ARG001  every cell takes the same arguments

from .ops import constant, sigmoid, tanh


def step(h_prev, pre_n, pre_r, pre_z, pre_m):
    """One step from the summed products: ``(h, h, n, r, z, m)``."""
    r = sigmoid(pre_r)  # G1
    z = sigmoid(pre_z)  # G2
    n = tanh(pre_n + r * pre_m)  # G3
    h = n + z * (h_prev - n)  # G4
    return h, h, n, r, z, pre_m


def step_gradient(dh, dh_carry, h_prev, h, n, r, z, m):
    """The chain rule of one step: ``(dh_carry, dpre_n, dpre_r, dpre_z, dpre_m)``.

    ``dh_carry`` is the part of the next hidden state's gradient that bypasses the products.
    """
    one = constant(n, 1)
    dh_sum = dh + dh_carry
    dn = dh_sum * (one - z)  # G4
    dz = dh_sum * (h_prev - n)  # G4
    dh_prev = dh_sum * z  # G4
    dpre_n = dn * (one - n * n)  # G3
    dr = dpre_n * m  # G3
    dpre_m = dpre_n * r  # G3
    dpre_z = dz * z * (one - z)  # G2
    dpre_r = dr * r * (one - r)  # G1
    return dh_prev, dpre_n, dpre_r, dpre_z, dpre_m
