"""One direction of one LSTM layer in matrix form, forward and backward.

    L1   i_t = σ(W_i x_t + b_ii + R_i h_{t-1} + b_hi)
    L2   f_t = σ(W_f x_t + b_if + R_f h_{t-1} + b_hf)
    L3   g_t = tanh(W_g x_t + b_ig + R_g h_{t-1} + b_hg)
    L4   o_t = σ(W_o x_t + b_io + R_o h_{t-1} + b_ho)
    L5   c_t = f_t · c_{t-1} + i_t · g_t
    L6   h_t = o_t · tanh(c_t)

Each equation reversed, with pre the argument of σ and tanh, dh_t and dc_t everything that arrives
at h_t and c_t, starting from dh_t = dy_t + (what step t+1 sends back):

    L6'  do = dh · tanh(c)                 dc = (from step t+1) + dh · o · (1 - tanh²(c))
    L5'  di = dc · g      df = dc · c_{t-1}      dg = dc · i      dc_{t-1} ← dc · f
    L4'  dpre_o = do · o · (1 - o)
    L3'  dpre_g = dg · (1 - g²)
    L2'  dpre_f = df · f · (1 - f)
    L1'  dpre_i = di · i · (1 - i)
    L1' to L4', with dpre the four stacked:
         dh_{t-1} ← Rᵀ dpre_t      dx_t = Wᵀ dpre_t
         dW = Σ_t dpre_t x_tᵀ      dR = Σ_t dpre_t h_{t-1}ᵀ      db_ih = db_hh = Σ_t dpre_t

Equations are numbered as in kernels/README.md.  Hochreiter and Schmidhuber, "Long short-term
memory", Neural Computation 9, 1997; the forget gate is of Gers, Schmidhuber and Cummins, "Learning
to forget", Neural Computation 12, 2000.
"""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .activations import sigmoid

Array = NDArray[np.floating]
Arrays = tuple[Array, ...]


def forward_layer(
    x: Array, initial: Arrays, weights: Arrays
) -> tuple[Array, Arrays, dict[str, Array]]:
    """Run L1 to L6 over all steps.

    Args:
        x: ``(T, B, I)``.
        initial: ``h0 (B, H)``, ``c0 (B, H)``.
        weights: ``weight_ih (4*H, I)``, ``weight_hh (4*H, H)``, ``bias_ih`` and ``bias_hh (4*H,)``,
            gate order i f g o.

    Returns:
        ``y (T, B, H)``, the final ``(hT, cT)``, and the tape: ``x``, ``gates (T, B, 4*H)`` after
        their activations, ``h_all`` and ``c_all (T+1, B, H)``, whose index 0 is the initial state.
    """
    h0, c0 = initial
    W, R, b_ih, b_hh = weights
    T, B, H = len(x), *h0.shape

    h_all = np.empty((T + 1, B, H), x.dtype)
    c_all = np.empty((T + 1, B, H), x.dtype)
    gates = np.empty((T, B, 4 * H), x.dtype)
    h_all[0], c_all[0] = h0, c0
    pre_x = x @ W.T + b_ih

    for t in range(T):
        pre = pre_x[t] + h_all[t] @ R.T + b_hh
        pre_i, pre_f, pre_g, pre_o = np.split(pre, 4, axis=1)

        i = sigmoid(pre_i)  # L1
        f = sigmoid(pre_f)  # L2
        g = np.tanh(pre_g)  # L3
        o = sigmoid(pre_o)  # L4
        c = f * c_all[t] + i * g  # L5
        h = o * np.tanh(c)  # L6

        gates[t] = np.concatenate([i, f, g, o], axis=1)
        c_all[t + 1], h_all[t + 1] = c, h

    tape = {"x": x, "gates": gates, "h_all": h_all, "c_all": c_all}
    return h_all[1:], (h_all[T], c_all[T]), tape


def backward_layer(
    tape: Mapping[str, Array], weights: Arrays, dy: Array, dfinal: Arrays
) -> tuple[Array, Arrays, Arrays]:
    """Run L6' to L1' from the last step to the first.

    Args:
        tape: what ``forward_layer`` saved.
        weights: as given to ``forward_layer``.
        dy: ``(T, B, H)``.
        dfinal: ``dhT (B, H)``, ``dcT (B, H)``.

    Returns:
        ``dx (T, B, I)``, the gradients of the initial states ``(dh0, dc0)``, and those of the
        weights in their order.
    """
    W, R, _, _ = weights
    x, gates, h_all, c_all = tape["x"], tape["gates"], tape["h_all"], tape["c_all"]
    T, B, H = dy.shape

    dpre = np.empty((T, B, 4 * H), x.dtype)
    dh_next, dc_next = dfinal

    for t in reversed(range(T)):
        i, f, g, o = np.split(gates[t], 4, axis=1)
        tanh_c = np.tanh(c_all[t + 1])

        dh = dy[t] + dh_next
        do = dh * tanh_c  # L6'
        dc = dc_next + dh * o * (1 - tanh_c * tanh_c)  # L6'
        di = dc * g  # L5'
        df = dc * c_all[t]  # L5'
        dg = dc * i  # L5'
        dc_next = dc * f  # L5'
        dpre_o = do * o * (1 - o)  # L4'
        dpre_g = dg * (1 - g * g)  # L3'
        dpre_f = df * f * (1 - f)  # L2'
        dpre_i = di * i * (1 - i)  # L1'

        dpre[t] = np.concatenate([dpre_i, dpre_f, dpre_g, dpre_o], axis=1)
        dh_next = dpre[t] @ R  # L1' to L4'

    rows = dpre.reshape(T * B, 4 * H)
    dW = rows.T @ x.reshape(T * B, -1)
    dR = rows.T @ h_all[:-1].reshape(T * B, H)
    db = rows.sum(axis=0)
    return dpre @ W, (dh_next, dc_next), (dW, dR, db, db.copy())
