"""One direction of one RNN layer in matrix form, forward and backward.

    R1   h_t = φ(W x_t + b_ih + R h_{t-1} + b_hh)        φ = tanh or relu

Reverse of it, with pre the argument of φ and dh_t everything that arrives at h_t:

    R1'  dh_t      = dy_t + (what step t+1 sends back)
         dpre_t    = dh_t · φ'(pre_t)
         dh_{t-1} ← Rᵀ dpre_t
         dx_t      = Wᵀ dpre_t
         dW = Σ_t dpre_t x_tᵀ    dR = Σ_t dpre_t h_{t-1}ᵀ    db_ih = db_hh = Σ_t dpre_t

Equations are numbered as in kernels/README.md.  Elman, "Finding structure in time", Cognitive
Science 14, 1990.
"""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
Arrays = tuple[Array, ...]
Activation = Literal["tanh", "relu"]


def forward_layer(
    x: Array, initial: Arrays, weights: Arrays, *, activation: Activation
) -> tuple[Array, Arrays, dict[str, Array]]:
    """Run R1 over all steps.

    Args:
        x: ``(T, B, I)``.
        initial: ``h0 (B, H)``.
        weights: ``weight_ih (H, I)``, ``weight_hh (H, H)``, ``bias_ih (H,)``, ``bias_hh (H,)``.
        activation: φ.

    Returns:
        ``y (T, B, H)``, the final ``(hT,)``, and the tape: ``x`` and ``h_all (T+1, B, H)``, whose
        index 0 is the initial state.
    """
    (h0,) = initial
    W, R, b_ih, b_hh = weights
    T, B, H = len(x), *h0.shape

    h_all = np.empty((T + 1, B, H), x.dtype)
    h_all[0] = h0
    pre_x = x @ W.T + b_ih

    for t in range(T):
        pre = pre_x[t] + h_all[t] @ R.T + b_hh
        h_all[t + 1] = np.tanh(pre) if activation == "tanh" else np.maximum(pre, 0)  # R1

    return h_all[1:], (h_all[T],), {"x": x, "h_all": h_all}


def backward_layer(
    tape: Mapping[str, Array],
    weights: Arrays,
    dy: Array,
    dfinal: Arrays,
    *,
    activation: Activation,
) -> tuple[Array, Arrays, Arrays]:
    """Run R1' from the last step to the first.

    Args:
        tape: what ``forward_layer`` saved.
        weights: as given to ``forward_layer``.
        dy: ``(T, B, H)``.
        dfinal: ``dhT (B, H)``.
        activation: φ.

    Returns:
        ``dx (T, B, I)``, the gradient of the initial state ``(dh0,)``, and those of the weights in
        their order.
    """
    W, R, _, _ = weights
    x, h_all = tape["x"], tape["h_all"]
    T, B, H = dy.shape

    dpre = np.empty((T, B, H), x.dtype)
    (dh_next,) = dfinal

    for t in reversed(range(T)):
        h = h_all[t + 1]
        slope = 1 - h * h if activation == "tanh" else (h > 0).astype(h.dtype)

        dh = dy[t] + dh_next  # R1'
        dpre[t] = dh * slope  # R1'
        dh_next = dpre[t] @ R  # R1'

    rows = dpre.reshape(T * B, H)
    dW = rows.T @ x.reshape(T * B, -1)
    dR = rows.T @ h_all[:-1].reshape(T * B, H)
    db = rows.sum(axis=0)
    return dpre @ W, (dh_next,), (dW, dR, db, db.copy())
