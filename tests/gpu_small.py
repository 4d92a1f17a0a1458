"""A few small networks on a GPU, forward and backward, on every rung: for compute-sanitizer.

A second pass with the same arrays, the first that a graph replays, gives the same.
"""

import numpy as np

from lstmbench_kernels import GRU, LSTM
from lstmbench_kernels.cuda.schedule import RUNGS

for algorithm in RUNGS:
    for dtype in ("float32", "float16"):
        for make, inputs, hidden in ((LSTM, 5, 9), (GRU, 4, 40)):
            layer = make(
                inputs,
                hidden,
                num_layers=2,
                bidirectional=True,
                dtype=dtype,
                device="cuda",
                algorithm=algorithm,
            )
            x, out, gradients, first = np.ones((3, 5, inputs), dtype), None, None, {}
            dy = np.ones((3, 5, 2 * hidden), dtype)
            for _ in range(2):
                out = layer.forward(x, training=True, out=out)
                gradients = layer.backward(dy, out=gradients)
                found = {"y": out[0], **gradients}
                first = first or {name: array.copy() for name, array in found.items()}
            for name, array in found.items():
                np.testing.assert_array_equal(array, first[name], err_msg=name)
            print(make.__name__, dtype, layer.algorithm_used["forward"])
