"""``torch.compile`` of a module, and how often it compiles.

PyTorch 2.13 leaves ``nn.RNN``, ``nn.LSTM`` and ``nn.GRU`` as they are: Dynamo "does not support
RNN, GRU, or LSTM", makes no graph of them and runs them eager behind a guard.  Whoever compiles
such a module gets the time of the eager one, and so does a row here; its time of compilation is
what Dynamo takes to find that out.  Dynamo's experimental switch ``allow_rnn``, which is off and
stays off, writes every step out: compiling a training row of an LSTM of 16 steps took over a minute
on two busy cores, and its calls were slower than eager ones.
"""

import time
from typing import Any

import torch
from torch._dynamo import callback, config

from ..units import Seconds
from .base import Compilation

VERSION = f"{torch.__version__}, Dynamo's allow_rnn is {'on' if config.allow_rnn else 'off'}"


class Compiler:
    """Compiles one module after the other, and counts what Dynamo then does."""

    def __init__(self) -> None:
        self.done = Compilation(0, 0.0)
        self._start: Seconds = 0.0

    def __call__(self, module: Any) -> Any:
        """The module as ``torch.compile`` gives it back; what it knew of others is forgotten.

        Without that, each new shape would count against Dynamo's limit of compiling one function.
        """
        torch.compiler.reset()
        if self._begin not in callback.callback_handler.start_callbacks:
            callback.on_compile_start(self._begin)
            callback.on_compile_end(self._end)
        return torch.compile(module, dynamic=False)

    def _begin(self, _of: Any) -> None:
        self._start = time.perf_counter()

    def _end(self, _of: Any) -> None:
        seconds = time.perf_counter() - self._start
        self.done = Compilation(self.done.count + 1, self.done.seconds + seconds)
