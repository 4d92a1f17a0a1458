"""Training, step by step: what ten steps make of the weights is what PyTorch makes of them.

The judge is PyTorch in float64.  In float64 the two differ by the order of sums alone.  In float32
our weights may be as far from that truth as PyTorch's own float32 weights are, a few times over:
what rounding does to ten steps depends on the optimiser (Adam and RMSprop divide by the size of a
gradient, however small), so the bound is what it does to PyTorch.
"""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, O = output_size

import math

import numpy as np
import pytest
from conftest import require_peer
from training_twin import OPTIMISERS, arrays_of, twin_of

from lstmbench_kernels import training
from lstmbench_kernels.spec import CELLS
from lstmbench_kernels.training import Network, Trainer, mean_squared_error

T, B, I, H, O = 6, 4, 3, 7, 2
STEPS = 10
FLOAT64 = 1e-12  # of the weights' scale, 1: sums of some tens of numbers in another order
FLOAT32_MULTIPLE = 4
FLOAT32 = 16 * 1.2e-7  # roundings where PyTorch happens to have made fewer

pytestmark = [pytest.mark.peer, pytest.mark.usefixtures("torch")]


def batches(dtype):
    """Ten batches: inputs and targets."""
    random = np.random.default_rng(1)
    for _ in range(STEPS):
        x = random.standard_normal((T, B, I))
        targets = 3 * random.standard_normal((T, B, O))
        yield x.astype(dtype), targets.astype(dtype)


def ours(network, optimiser, clip):
    """Ten steps; the weights, the losses, and the norms of the gradients."""
    kind, options = OPTIMISERS[optimiser]
    made = getattr(training, kind)(network.parameters, **options)
    trainer = Trainer(network, made, mean_squared_error, clip=clip)
    losses, norms = [], []
    for x, targets in batches(network.parameters.flat.dtype):
        losses.append(trainer.step(x, targets if network.every_step else targets[-1]))
        norms.append(trainer.gradient_norm)
    return dict(network.parameters), losses, norms


def theirs(network, optimiser, clip):
    """The same ten steps in PyTorch."""
    torch = require_peer("torch")
    kind, options = OPTIMISERS[optimiser]
    twin = twin_of(network)
    made = getattr(torch.optim, kind)(twin.parameters(), **options)
    losses, norms = [], []
    for x, targets in batches(network.parameters.flat.dtype):
        targets = targets if network.every_step else targets[-1]
        made.zero_grad()
        loss = torch.nn.functional.mse_loss(twin(torch.from_numpy(x)), torch.from_numpy(targets))
        loss.backward()
        limit = math.inf if clip is None else clip
        norms.append(torch.nn.utils.clip_grad_norm_(twin.parameters(), limit).item())
        made.step()
        losses.append(loss.item())
    return arrays_of(twin), losses, norms


def furthest(arrays, truth):
    """The largest difference between weights of the same names."""
    assert list(arrays) == list(truth)
    return max(float(np.abs(arrays[name] - truth[name]).max()) for name in truth)


@pytest.mark.parametrize("clip", [None, 0.5], ids=["unclipped", "clipped"])
@pytest.mark.parametrize("bidirectional", [False, True], ids=["one-way", "both-ways"])
@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("cell", CELLS)
def test_ten_steps_are_those_of_pytorch(cell, optimiser, bidirectional, clip):
    def made(dtype):
        options = {"bidirectional": bidirectional, "every_step": bidirectional}
        return Network(cell, I, H, O, num_layers=2, dtype=dtype, num_threads=1, **options)

    truth, true_losses, true_norms = theirs(made("float64"), optimiser, clip)
    weights, losses, norms = ours(made("float64"), optimiser, clip)

    assert furthest(weights, truth) < FLOAT64
    np.testing.assert_allclose(losses, true_losses, rtol=FLOAT64)
    np.testing.assert_allclose(norms, true_norms, rtol=FLOAT64)
    assert furthest(truth, dict(made("float64").parameters)) > 0.01
    assert clip is None or max(true_norms) > clip

    rounded, _, _ = theirs(made("float32"), optimiser, clip)
    single, single_losses, _ = ours(made("float32"), optimiser, clip)

    bound = FLOAT32_MULTIPLE * furthest(rounded, truth) + FLOAT32
    assert furthest(single, truth) < bound
    np.testing.assert_allclose(single_losses, true_losses, rtol=1e-4)
