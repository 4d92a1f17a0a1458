"""Initial weights: Glorot, He, orthogonal; and biases that decide how long a unit remembers."""

# H = hidden_size, I = input_size

from collections.abc import Callable, Mapping
from math import inf, sqrt
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..check import check_choice
from .network import Network

Array = NDArray[Any]


def glorot(random: np.random.Generator, rows: int, columns: int) -> Array:
    """U(±√(6 / (rows + columns))): Glorot & Bengio 2010, equation 16."""
    bound = sqrt(6 / (rows + columns))
    return random.uniform(-bound, bound, (rows, columns))


def he(random: np.random.Generator, rows: int, columns: int) -> Array:
    """N(0, 2 / columns), for relu: He et al. 2015, equation 10."""
    return random.standard_normal((rows, columns)) * sqrt(2 / columns)


def orthogonal(random: np.random.Generator, rows: int, columns: int) -> Array:
    """Orthonormal rows or columns, whichever are fewer: Saxe et al. 2014, section 3.1."""
    q, r = np.linalg.qr(random.standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.sign(np.diag(r))  # else not every orthogonal matrix is as likely as another
    found: Array = q if rows >= columns else q.T
    return found


SCHEMES: Mapping[str, Callable[[np.random.Generator, int, int], Array]] = MappingProxyType(
    {"glorot": glorot, "he": he, "orthogonal": orthogonal}
)


def initialise(
    network: Network, inputs: str = "glorot", recurrent: str = "orthogonal", *, seed: int = 0
) -> None:
    """Draw a network's weights anew, each gate's matrix by itself; biases are zero.

    ``inputs`` and ``recurrent`` name what ``weight_ih`` and ``weight_hh`` are drawn from; the head
    is drawn from ``glorot``.
    """
    for name, scheme in (("inputs", inputs), ("recurrent", recurrent)):
        check_choice(name, scheme, tuple(SCHEMES))
    random = np.random.default_rng(seed)
    for name, array in network.parameters.items():
        if array.ndim == 1:
            array[...] = 0
            continue
        kind = name.split(".")[1]
        scheme = {"weight": "glorot"}.get(kind, inputs if "_ih_" in kind else recurrent)
        rows = array.shape[0] if kind == "weight" else network.shape.hidden_size
        for first in range(0, array.shape[0], rows):
            array[first : first + rows] = SCHEMES[scheme](random, rows, array.shape[1])
    network.pack()


def set_forget_bias(network: Network, value: float = 1.0) -> None:
    """Have the forget gates of an LSTM begin with this bias, in all, so that they begin open.

    Gers, Schmidhuber & Cummins 2000, section 3.2; Jozefowicz, Zaremba & Sutskever 2015, section 5.
    """
    if "f" not in network.cell.gates or not network.shape.bias:
        raise ValueError(f"set_forget_bias: expected an LSTM with biases, got {network.cell.name}")
    H, gate = network.shape.hidden_size, network.cell.gates.index("f")
    for name, array in network.parameters.items():
        if name.startswith("rnn.bias_"):
            array[gate * H : (gate + 1) * H] = value if "_ih_" in name else 0
    network.pack()


# Gates whose bias is log u, times this, so that a unit remembers for about u steps.
TIME_GATES: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {"lstm": {"f": 1, "i": -1}, "gru": {"z": 1}}
)


def set_time_scales(network: Network, longest: float, *, seed: int = 0) -> None:
    """Have each unit begin with a memory of about u steps, u drawn from U(1, longest).

    The bias of an LSTM's forget gate is log u in all, that of its input gate -log u; that of a
    GRU's update gate, which keeps what was there, log u.  Tallec & Ollivier 2018, section 3, where
    ``longest`` is T - 1.
    """
    gates = TIME_GATES.get(network.cell.name)
    if gates is None or not network.shape.bias:
        raise ValueError(
            f"set_time_scales: expected an LSTM or a GRU with biases, got {network.cell.name}"
        )
    if not 1 <= longest < inf:
        raise ValueError(f"longest: expected at least 1 step, got {longest}")
    H = network.shape.hidden_size
    random = np.random.default_rng([seed, 1])  # else u follows the weights of the same seed
    for _, _, suffix in network.shape.layers():
        logs = np.log(random.uniform(1, longest, H))
        for gate, sign in gates.items():
            first = network.cell.gates.index(gate) * H
            of_gate = slice(first, first + H)
            network.parameters[f"rnn.bias_ih{suffix}"][of_gate] = sign * logs
            network.parameters[f"rnn.bias_hh{suffix}"][of_gate] = 0
    network.pack()
