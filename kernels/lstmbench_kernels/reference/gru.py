"""One direction of one GRU layer in matrix form, forward and backward.

    G1   r_t = σ(W_r x_t + b_ir + R_r h_{t-1} + b_hr)
    G2   z_t = σ(W_z x_t + b_iz + R_z h_{t-1} + b_hz)
    G3   n_t = tanh(W_n x_t + b_in + r_t · q_t)        q_t = R_n h_{t-1} + b_hn
    G4   h_t = (1 - z_t) · n_t + z_t · h_{t-1}

The reset gate is applied after the product with R_n, as in cuDNN and PyTorch; in the paper it is
applied before (Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP
2014, eq. 5 to 8).

Each equation reversed, with pre the argument of σ and tanh and dh_t everything that arrives at
h_t, starting from dh_t = dy_t + (what step t+1 sends back):

    G4'  dz = dh · (h_{t-1} - n)      dn = dh · (1 - z)      dh_{t-1} ← dh · z
    G3'  dpre_n = dn · (1 - n²)       dr = dpre_n · q        dq = dpre_n · r
    G2'  dpre_z = dz · z · (1 - z)
    G1'  dpre_r = dr · r · (1 - r)
    G1' to G3', with dpre_x = (dpre_r, dpre_z, dpre_n) and dpre_h = (dpre_r, dpre_z, dq):
         dh_{t-1} ← Rᵀ dpre_h_t          dx_t = Wᵀ dpre_x_t
         dW = Σ_t dpre_x_t x_tᵀ          db_ih = Σ_t dpre_x_t
         dR = Σ_t dpre_h_t h_{t-1}ᵀ      db_hh = Σ_t dpre_h_t

Equations are numbered as in kernels/README.md.
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
    """Run G1 to G4 over all steps.

    Args:
        x: ``(T, B, I)``.
        initial: ``h0 (B, H)``.
        weights: ``weight_ih (3*H, I)``, ``weight_hh (3*H, H)``, ``bias_ih`` and ``bias_hh (3*H,)``,
            gate order r z n.

    Returns:
        ``y (T, B, H)``, the final ``(hT,)``, and the tape: ``x``, ``gates (T, B, 3*H)`` after their
        activations, ``q (T, B, H)`` of G3, and ``h_all (T+1, B, H)``, whose index 0 is the initial
        state.
    """
    (h0,) = initial
    W, R, b_ih, b_hh = weights
    T, B, H = len(x), *h0.shape

    h_all = np.empty((T + 1, B, H), x.dtype)
    gates = np.empty((T, B, 3 * H), x.dtype)
    q_all = np.empty((T, B, H), x.dtype)
    h_all[0] = h0
    pre_x = x @ W.T + b_ih

    for t in range(T):
        h_prev = h_all[t]
        x_r, x_z, x_n = np.split(pre_x[t], 3, axis=1)
        h_r, h_z, q = np.split(h_prev @ R.T + b_hh, 3, axis=1)

        r = sigmoid(x_r + h_r)  # G1
        z = sigmoid(x_z + h_z)  # G2
        n = np.tanh(x_n + r * q)  # G3
        h = (1 - z) * n + z * h_prev  # G4

        gates[t] = np.concatenate([r, z, n], axis=1)
        q_all[t], h_all[t + 1] = q, h

    tape = {"x": x, "gates": gates, "q": q_all, "h_all": h_all}
    return h_all[1:], (h_all[T],), tape


def backward_layer(
    tape: Mapping[str, Array], weights: Arrays, dy: Array, dfinal: Arrays
) -> tuple[Array, Arrays, Arrays]:
    """Run G4' to G1' from the last step to the first.

    Args:
        tape: what ``forward_layer`` saved.
        weights: as given to ``forward_layer``.
        dy: ``(T, B, H)``.
        dfinal: ``dhT (B, H)``.

    Returns:
        ``dx (T, B, I)``, the gradient of the initial state ``(dh0,)``, and those of the weights in
        their order.
    """
    W, R, _, _ = weights
    x, gates, q_all, h_all = tape["x"], tape["gates"], tape["q"], tape["h_all"]
    T, B, H = dy.shape

    dpre_x = np.empty((T, B, 3 * H), x.dtype)
    dpre_h = np.empty((T, B, 3 * H), x.dtype)
    (dh_next,) = dfinal

    for t in reversed(range(T)):
        r, z, n = np.split(gates[t], 3, axis=1)

        dh = dy[t] + dh_next
        dz = dh * (h_all[t] - n)  # G4'
        dn = dh * (1 - z)  # G4'
        dpre_n = dn * (1 - n * n)  # G3'
        dr = dpre_n * q_all[t]  # G3'
        dq = dpre_n * r  # G3'
        dpre_z = dz * z * (1 - z)  # G2'
        dpre_r = dr * r * (1 - r)  # G1'

        dpre_x[t] = np.concatenate([dpre_r, dpre_z, dpre_n], axis=1)
        dpre_h[t] = np.concatenate([dpre_r, dpre_z, dq], axis=1)
        dh_next = dh * z + dpre_h[t] @ R  # G4', then G1' to G3'

    rows_x, rows_h = dpre_x.reshape(T * B, 3 * H), dpre_h.reshape(T * B, 3 * H)
    dW = rows_x.T @ x.reshape(T * B, -1)
    dR = rows_h.T @ h_all[:-1].reshape(T * B, H)
    db_ih = rows_x.sum(axis=0)
    db_hh = rows_h.sum(axis=0)
    return dpre_x @ W, (dh_next,), (dW, dR, db_ih, db_hh)
