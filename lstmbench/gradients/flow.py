"""How much of a gradient is left after so many steps: the norm of ∂h_T/∂h_{T-k} against k.

A gradient that reaches back k steps is a product of k Jacobians.  In a plain RNN it vanishes or
explodes at a constant rate (Hochreiter 1991; Bengio, Simard & Frasconi, "Learning long-term
dependencies with gradient descent is difficult", 1994); in an LSTM the path along c is multiplied
by the forget gate alone: the constant error carousel (Hochreiter & Schmidhuber 1997, section 3.2,
whose c had no forget gate; Gers, Schmidhuber & Cummins 2000).
"""

# H = hidden_size, T = the longest lag, k = a lag

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstmbench_kernels import GRU, LSTM, RNN

Array = NDArray[Any]
Parameters = Mapping[str, Array]

LAYERS: Mapping[str, Callable[..., Any]] = {
    "lstm": LSTM,
    "gru": GRU,
    "rnn-tanh": lambda *sizes, **given: RNN(*sizes, nonlinearity="tanh", **given),
    "rnn-relu": lambda *sizes, **given: RNN(*sizes, nonlinearity="relu", **given),
}


@dataclass(frozen=True)
class Flow:
    """What is left of a gradient at each lag, for one network.

    A gain is ‖J‖_F / √H of the Jacobian J: what remains, on average over directions, of the length
    of a gradient.  At lag 0 it is 1.
    """

    hidden: tuple[float, ...]
    """Of ∂h_T/∂h_{T-k}."""
    cell: tuple[float, ...]
    """Of ∂c_T/∂c_{T-k}; empty where the cell has no c."""


def initial(cell: str, hidden_size: int, *, forget_bias: float | None, seed: int) -> Parameters:
    """Fresh weights, U(±1/√H), of a layer with one input.

    Args:
        forget_bias: what both biases of the forget gate sum to; ``None`` leaves them as they are.
    """
    parameters: dict[str, Array] = _layer(cell, hidden_size, seed=seed).state_dict()
    if forget_bias is not None:
        forget = slice(hidden_size, 2 * hidden_size)
        parameters["bias_ih_l0"][forget] = forget_bias
        parameters["bias_hh_l0"][forget] = 0.0
    return parameters


@np.errstate(over="ignore", invalid="ignore")  # told once, below
def measure(cell: str, parameters: Parameters, x: Array, lags: Sequence[int]) -> Flow:
    """The gains of a layer at each lag, exact but for rounding in float64.

    Args:
        parameters: of a layer with the cell, by torch's names, in float64.
        x: the input, (T, I), of which every lag takes the last steps.
        lags: ascending, from 1 to T.

    Raises ``FloatingPointError`` where a gain is not finite.
    """
    hidden_size = parameters["weight_hh_l0"].shape[1]
    layer = _layer(cell, hidden_size, input_size=x.shape[1])
    layer.load_state_dict(parameters)
    gains: dict[str, list[float]] = {"h": [], "c": []}
    for lag in lags:
        for name, jacobian in _jacobians(layer, cell, x, lag, hidden_size):
            gain = float(np.linalg.norm(jacobian)) / hidden_size**0.5
            if not isfinite(gain):
                raise FloatingPointError(f"lag {lag}: what is left of ∂{name} is {gain}")
            gains[name].append(gain)
    return Flow(tuple(gains["h"]), tuple(gains["c"]))


def _layer(cell: str, hidden_size: int, *, input_size: int = 1, seed: int = 0) -> Any:
    return LAYERS[cell](input_size, hidden_size, dtype="float64", num_threads=1, seed=seed)


def _jacobians(
    layer: Any, cell: str, x: Array, lag: int, hidden_size: int
) -> list[tuple[str, Array]]:
    """∂h_T/∂h_{T-k}, and ∂c_T/∂c_{T-k} of an LSTM, each (H, H).

    Every direction of the last state is a sequence of one batch, whose gradient is a unit vector.
    """
    before = np.ascontiguousarray(np.repeat(x[:-lag, None], hidden_size, axis=1))
    after = np.ascontiguousarray(np.repeat(x[-lag:, None], hidden_size, axis=1))
    zero = np.zeros((1, hidden_size, hidden_size))
    has_c = cell == "lstm"
    states: Any = (zero, zero) if has_c else zero
    if len(before):
        states = layer.forward(before, states)[1]
    y, _ = layer.forward(after, states, training=True)
    unit, nothing = np.eye(hidden_size)[None], np.zeros_like(y)
    if not has_c:
        return [("h", layer.backward(nothing, unit)["h0"][0])]
    of_h = layer.backward(nothing, (unit, zero))["h0"][0].copy()
    layer.forward(after, states, training=True)
    return [("h", of_h), ("c", layer.backward(nothing, (zero, unit))["c0"][0])]
