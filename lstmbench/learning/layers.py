"""The layers of one of our networks as what the backends convert weights from."""

import numpy as np

from lstmbench_kernels.problem import Problem
from lstmbench_kernels.training import Network


def layers_of(network: Network) -> Problem:
    """Its cell, its shape and its weights; there is no input."""
    return Problem(
        cell=network.cell,
        shape=network.shape,
        inputs={"x": np.zeros((1, 1, network.shape.input_size), np.float32)},
        parameters={
            name.removeprefix("rnn."): array
            for name, array in network.parameters.items()
            if name.startswith("rnn.")
        },
        upstream={},
    )
