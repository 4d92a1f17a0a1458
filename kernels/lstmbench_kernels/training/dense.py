"""The head: outputs = features · Wᵀ + b, as ``torch.nn.Linear`` names and shapes it.

On the team of the recurrent layers: the threads of a BLAS spin for a tenth of a second after each
product, and take the processors from it.
"""

# N = rows, F = features, O = outputs

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cpu.dense import DENSE, SCRATCH_BYTES, entry_code
from ..cpu.host import allowed_processors, registers
from ..cpu.job import SHARE
from ..cpu.pack import Packing, aligned_zeros
from ..cpu.schedule import GATHERING, TILE_FLOPS
from ..cpu.team import TEAM
from ..cpu.tile import TILE_VECTORS, tile_code
from ..cpu.workspace import COUNTER_BYTES, address_of

Array = NDArray[Any]


class Dense:
    """A dense layer.  All arrays lie in C order, and are of the precision of the weight.

    ``weight (O, F)`` and ``bias (O,)`` are the caller's, and read when ``pack`` is called.
    """

    def __init__(self, weight: Array, bias: Array, threads: int) -> None:
        outputs, features = weight.shape
        self._dtype = weight.dtype.name
        self._by_output, self._by_feature = _panels(weight.T), _panels(weight)
        self._bias = _panels(bias[None, :])
        self._zeros = aligned_zeros((TILE_VECTORS * registers().bytes,), np.uint8)
        threads = min(threads, allowed_processors())
        self._counters = aligned_zeros((2, COUNTER_BYTES // 8), np.int64)
        self._scratch = aligned_zeros((threads, SCRATCH_BYTES), np.uint8)
        self._shares, jobs = np.zeros(threads, SHARE), np.zeros(1, DENSE)
        self._job = jobs[0]
        # Kept, because NumPy takes 20 µs to tell those of records.
        self._addresses = address_of(jobs), address_of(self._shares)
        for thread, share in enumerate(self._shares):
            share["thread"], share["start_counter"] = thread, TEAM.start_address
            share["team_counter"], share["finish_counter"] = map(address_of, self._counters)
            share["scratch"] = address_of(self._scratch[thread])
        self._set(
            tile=tile_code(self._dtype), O=outputs, F=features,
            by_output=address_of(self._by_output.array), bias=address_of(self._bias.array),
            by_feature=address_of(self._by_feature.array), zeros=address_of(self._zeros),
        )  # fmt: skip
        self._row_seconds = 2.0 * outputs * features / TILE_FLOPS

    def _set(self, **values: int) -> None:
        for name, value in values.items():
            self._job[name] = value

    def pack(self) -> None:
        """Take over what the weights are now."""
        for packing in (self._by_output, self._by_feature, self._bias):
            packing.fill()

    def forward(self, outputs: Array, features: Array) -> None:
        """Write ``(N, O)``, given ``(N, F)``."""
        self._set(features=address_of(features), outputs=address_of(outputs))
        self._run("forward", len(features))

    def backward(
        self, dfeatures: Array, dweight: Array, dbias: Array, doutputs: Array, features: Array
    ) -> None:
        """Write the gradients of all three operands, given that of the outputs, ``(N, O)``."""
        self._set(
            features=address_of(features), doutputs=address_of(doutputs),
            dfeatures=address_of(dfeatures), dweight=address_of(dweight), dbias=address_of(dbias),
        )  # fmt: skip
        self._run("backward", len(features))

    def _run(self, mode: str, rows: int) -> None:
        self._set(N=rows)
        threads = len(self._shares) if rows * self._row_seconds > 2 * GATHERING else 1
        TEAM.run(entry_code(mode, self._dtype), *self._addresses, threads)


def _panels(matrix: Array) -> Packing:
    """``(K, columns)`` as panels of a tile's width, ``[panel][k][vectors]``, the last narrower."""
    K, columns = matrix.shape
    lanes = registers().lanes(matrix.dtype.itemsize)
    whole = -(-columns // lanes) * lanes
    packing = Packing(aligned_zeros((K * whole,), matrix.dtype))
    for first in range(0, whole, TILE_VECTORS * lanes):
        end = min(first + TILE_VECTORS * lanes, whole)
        used = matrix[:, first:end]
        panel = packing.array[K * first : K * end].reshape(K, end - first)
        packing.copies.append((panel[:, : used.shape[1]], used))
    return packing
