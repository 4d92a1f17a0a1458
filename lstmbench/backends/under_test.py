"""The kernels under test: the package of this project, or a copy of another build of it.

A gate gives the build of each side a name of its own.  So the harness keeps its own oracle,
problems and specs beside it, whatever that build has in their place, and relies on nothing of it
but what is public: the layers.
"""

import os
from importlib import import_module
from typing import Any

import numpy as np

from lstmbench_kernels.problem import Problem

VARIABLE = "LSTMBENCH_KERNELS"
PACKAGE = "lstmbench_kernels"


def kernels(module: str = "") -> Any:
    """The package under test, or one of its modules, such as ``.cuda.ops``."""
    return import_module(os.environ.get(VARIABLE, PACKAGE) + module)


def network_of(problem: Problem, **options: Any) -> Any:
    """The layer for a problem, with its weights."""
    shape, cell, package = problem.shape, problem.cell, kernels()
    kinds = {"lstm": package.LSTM, "gru": package.GRU}
    if cell.name not in kinds:
        options["nonlinearity"] = cell.name.removeprefix("rnn-")
    network = kinds.get(cell.name, package.RNN)(
        shape.input_size,
        shape.hidden_size,
        num_layers=shape.num_layers,
        bidirectional=shape.bidirectional,
        bias=shape.bias,
        **options,
    )
    network.load_state_dict(problem.parameters)
    return network


def ragged_of(problem: Problem) -> dict[str, Any]:
    """What ``forward`` is told of unequal lengths, where there are some.

    So kernels of before there were lengths run all other rows: a gate compares with such.
    """
    return {"lengths": np.array(problem.lengths)} if problem.lengths else {}
