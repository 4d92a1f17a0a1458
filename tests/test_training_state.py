"""A run that is taken up again goes on bit for bit, and one that diverges keeps what it has."""

import doctest

import numpy as np
import pytest
from training_twin import OPTIMISERS

from lstmbench_kernels import training
from lstmbench_kernels.training import (
    Adam,
    NamedArrays,
    Network,
    Trainer,
    clip_norm,
    cross_entropy,
    mean_squared_error,
)


def a_trainer(optimiser="adam", *, seed=0, **options):
    network = Network(
        "lstm", 3, 7, 5, num_layers=2, dropout=0.3, every_step=True, seed=seed, **options
    )
    kind, rates = OPTIMISERS[optimiser]
    made = getattr(training, kind)(network.parameters, **rates)
    return Trainer(network, made, cross_entropy)


def a_batch(number):
    random = np.random.default_rng(number)
    lengths = random.integers(1, 7, 4)
    return random.standard_normal((6, 4, 3)), random.integers(0, 5, (6, 4)), lengths


def losses_of(trainer, numbers):
    found = []
    for number in numbers:
        x, targets, lengths = a_batch(number)
        found.append(trainer.step(x, targets, lengths=lengths))
    return found


def test_the_example_of_the_package_holds():
    result = doctest.testmod(training)
    assert result.attempted > 5
    assert result.failed == 0


def test_a_step_is_what_its_parts_are_whatever_batches_came_before():
    trainer, other = a_trainer(), a_trainer()
    for seq_len, batch_size in ((6, 4), (6, 4), (3, 4), (3, 2), (6, 4)):
        x, targets, _ = a_batch(seq_len)
        x, targets = x[:seq_len, :batch_size], targets[:seq_len, :batch_size]
        network = other.network
        outputs = network.forward(x, training=True)
        loss, doutputs = cross_entropy(outputs, targets)
        gradients = network.backward(doutputs)
        clip_norm(gradients)
        other.optimiser.step(gradients)
        network.pack()
        assert trainer.step(x, targets) == loss
    np.testing.assert_array_equal(trainer.network.parameters.flat, other.network.parameters.flat)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_resumed_run_goes_on_bit_for_bit(optimiser, tmp_path):
    through = a_trainer(optimiser)
    expected = losses_of(through, range(8))

    first = a_trainer(optimiser)
    begun = losses_of(first, range(4))
    np.savez(tmp_path / "run.npz", **first.state())
    losses_of(first, range(100, 103))
    resumed = a_trainer(optimiser, seed=9)
    with np.load(tmp_path / "run.npz", allow_pickle=False) as state:
        resumed.load(state)
    assert resumed.steps == 4
    assert begun + losses_of(resumed, range(4, 8)) == expected

    for name, array in through.state().items():
        np.testing.assert_array_equal(resumed.state()[name], array, err_msg=name)
    x = a_batch(0)[0]
    np.testing.assert_array_equal(through.network.forward(x), resumed.network.forward(x))


def test_evaluating_between_steps_changes_nothing():
    alone, watched = a_trainer(), a_trainer()
    expected = losses_of(alone, range(4))
    found = []
    for number in range(4):
        watched.network.forward(a_batch(50 + number)[0])
        found += losses_of(watched, [number])
    assert found == expected


def test_a_state_is_a_copy():
    trainer = a_trainer()
    losses_of(trainer, [0])
    state = trainer.state()
    before = {name: array.copy() for name, array in state.items()}
    losses_of(trainer, [1])
    for name, array in before.items():
        np.testing.assert_array_equal(state[name], array)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"steps": None}, ValueError, "load: missing steps"),
        ({"optimiser.speed": np.zeros(1)}, ValueError, "load: unexpected optimiser.speed"),
        (
            {"parameters.head.bias": np.zeros(3, "float32")},
            ValueError,
            "parameters.head.bias: expected",
        ),
        (
            {"optimiser.mean": np.zeros(3)},
            TypeError,
            "optimiser.mean: expected float32, got float64",
        ),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(change, error, message):
    trainer = a_trainer()
    losses_of(trainer, [0])
    before = trainer.state()
    state = {name: array for name, array in {**before, **change}.items() if array is not None}
    with pytest.raises(error) as raised:
        trainer.load(state)
    assert str(raised.value).startswith(message)
    for name, array in before.items():
        np.testing.assert_array_equal(trainer.state()[name], array)


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (lambda outputs: (np.nan, outputs), "loss is nan"),
        (lambda outputs: mean_squared_error(outputs, outputs + 1e30), "loss is inf"),
        (lambda outputs: (1.0, outputs * np.nan), "norm of the gradients is nan"),
        (lambda outputs: (1.0, outputs + np.inf), "norm of the gradients is (inf|nan)"),
    ],
)
def test_a_diverging_run_stops_and_keeps_its_weights(outcome, told):
    trainer = a_trainer()
    losses_of(trainer, [0])
    before = trainer.state()
    trainer.loss = lambda outputs, *_: outcome(outputs)
    with pytest.raises(FloatingPointError, match=f"^step 2: the {told}; the weights are those"):
        losses_of(trainer, [1])
    after = trainer.state()
    assert after.pop("random").tolist() != before.pop("random").tolist()
    for name, array in before.items():
        np.testing.assert_array_equal(after[name], array)


def test_an_optimiser_of_other_weights_is_refused():
    one, other = (Network("gru", 1, 2, 1) for _ in range(2))
    with pytest.raises(ValueError, match="optimiser: expected one of this network's parameters"):
        Trainer(one, Adam(other.parameters), mean_squared_error)


def test_clipping_scales_all_gradients_alike():
    gradients = NamedArrays({"one": (2,), "other": (1, 1)}, "float64")
    gradients["one"][...], gradients["other"][...] = (3, 0), 4
    assert clip_norm(gradients, 10) == 5
    np.testing.assert_array_equal(gradients.flat, [3, 0, 4])
    assert clip_norm(gradients, None) == 5
    assert clip_norm(gradients, 2.5) == 5
    np.testing.assert_allclose(gradients.flat, [1.5, 0, 2], rtol=1e-6)


def test_a_step_of_an_optimiser_changes_its_arrays_in_place():
    trainer = a_trainer()
    arrays = [trainer.network.parameters.flat, *trainer.optimiser.slots.values()]
    losses_of(trainer, [0])
    now = [trainer.network.parameters.flat, *trainer.optimiser.slots.values()]
    assert all(one is other for one, other in zip(arrays, now, strict=True))
    assert all(array.any() for array in arrays)
