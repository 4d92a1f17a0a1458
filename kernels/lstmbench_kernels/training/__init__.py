"""What training needs around the layers: a network, losses, optimisers, and a step of them all.

>>> import numpy as np
>>> from lstmbench_kernels.training import Adam, Network, Trainer, mean_squared_error
>>> network = Network("lstm", input_size=1, hidden_size=16, output_size=1, seed=0)
>>> trainer = Trainer(network, Adam(network.parameters, lr=0.02), mean_squared_error)
>>> random = np.random.default_rng(0)
>>> for _ in range(100):  # learn the mean of ten numbers
...     x = random.uniform(-1, 1, (10, 32, 1))
...     loss = trainer.step(x, x.mean(axis=0))
>>> loss < 0.01
True
>>> network.forward(np.full((10, 1, 1), 0.3)).round(1)
array([[0.3]], dtype=float32)

``trainer.state()`` is all that going on needs, as arrays by name: ``np.savez(path, **state)`` keeps
it, and ``trainer.load(np.load(path))`` goes on bit for bit.  What a step does: ``trainer``.
"""

from .arrays import NamedArrays
from .clipping import clip_norm
from .initial import glorot, he, initialise, orthogonal, set_forget_bias, set_time_scales
from .losses import cross_entropy, mean_squared_error
from .masks import valid_steps
from .network import Network
from .optimisers import SGD, Adam, RMSprop
from .trainer import Trainer

__all__ = [
    "SGD",
    "Adam",
    "NamedArrays",
    "Network",
    "RMSprop",
    "Trainer",
    "clip_norm",
    "cross_entropy",
    "glorot",
    "he",
    "initialise",
    "mean_squared_error",
    "orthogonal",
    "set_forget_bias",
    "set_time_scales",
    "valid_steps",
]
