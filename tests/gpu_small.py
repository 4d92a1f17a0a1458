"""A few small networks on a GPU, forward and backward, on every rung: for compute-sanitizer."""

import numpy as np

from lstmbench_kernels import GRU, LSTM

for algorithm in ("step", "persistent"):
    for dtype in ("float32", "float16"):
        for make, size in ((LSTM, (5, 9)), (GRU, (4, 40))):
            layer = make(
                *size,
                num_layers=2,
                bidirectional=True,
                dtype=dtype,
                device="cuda",
                algorithm=algorithm,
            )
            x = np.ones((3, 5, size[0]), dtype)
            y, _ = layer.forward(x, training=True)
            layer.backward(y)
            print(make.__name__, dtype, algorithm, layer.algorithm_used["forward"])
