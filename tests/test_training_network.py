"""A network: its outputs and gradients are PyTorch's, with padding and without; what it refuses."""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, O = output_size

import numpy as np
import pytest
from training_twin import twin_of

from lstmbench_kernels.training import (
    Network,
    cross_entropy,
    initialise,
    mean_squared_error,
    valid_steps,
)

T, B, I, H, O = 6, 4, 3, 7, 5
LENGTHS = [6, 1, 4, 3]
CLOSE = {"rtol": 1e-10, "atol": 1e-13}


def a_network(cell="lstm", **given):
    options = {
        "num_layers": 2,
        "bidirectional": True,
        "dtype": "float64",
        "num_threads": 1,
        **given,
    }
    return Network(cell, I, H, O, **options)


def a_batch(*, padding=0.0):
    """x, targets of both losses; beyond each sequence's end stands ``padding``."""
    random = np.random.default_rng(2)
    x = random.standard_normal((T, B, I))
    targets = random.standard_normal((T, B, O))
    classes = random.integers(0, O, (T, B))
    padded = ~valid_steps(LENGTHS, T)
    x[padded], targets[padded], classes[padded] = padding, padding, -1
    return x, targets, classes


def test_valid_steps_are_the_first_of_each_sequence():
    np.testing.assert_array_equal(valid_steps([3, 1], 3), [[1, 1], [1, 0], [1, 0]])


# --- against PyTorch


@pytest.mark.peer
@pytest.mark.parametrize("loss", ["mean squared error", "cross entropy"])
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("every_step", [False, True])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_outputs_losses_and_gradients_are_those_of_pytorch(torch, cell, every_step, padded, loss):
    network = a_network(cell, every_step=every_step)
    twin = twin_of(network)
    x, targets, classes = a_batch()
    if loss == "cross entropy":
        ours, theirs, goal = cross_entropy, torch.nn.functional.cross_entropy, abs(classes)
    else:
        ours, theirs, goal = mean_squared_error, torch.nn.functional.mse_loss, targets
    goal = goal if every_step else goal[0]
    lengths = LENGTHS if padded else None
    mask = valid_steps(LENGTHS, T) if padded and every_step else None
    counts = np.ones(goal.shape[: 1 + every_step], bool) if mask is None else mask

    outputs = network.forward(x, lengths=lengths, training=True)
    value, doutputs = ours(outputs, goal, mask)
    gradients = network.backward(doutputs)

    expected = twin(torch.from_numpy(x), lengths)
    chosen = torch.from_numpy(counts)
    true = theirs(expected[chosen], torch.from_numpy(goal)[chosen])
    true.backward()
    np.testing.assert_allclose(outputs[counts], expected.detach().numpy()[counts], **CLOSE)
    assert value == pytest.approx(true.item(), rel=1e-12)
    for name, parameter in twin.named_parameters():
        np.testing.assert_allclose(gradients[name], parameter.grad, err_msg=name, **CLOSE)


@pytest.mark.parametrize("every_step", [False, True])
def test_what_stands_in_the_padding_changes_nothing(every_step):
    network = a_network(every_step=every_step)
    mask = valid_steps(LENGTHS, T)
    found = []
    for padding in (0.0, np.nan):
        x, targets, classes = a_batch(padding=padding)
        for loss, goal in ((mean_squared_error, targets), (cross_entropy, classes)):
            outputs = network.forward(x, lengths=LENGTHS, training=True)
            args = (goal, mask) if every_step else (np.abs(goal[0]), None)
            value, doutputs = loss(outputs, *args)
            found.append((value, network.backward(doutputs).flat.copy()))
    for clean, dirty in zip(found[:2], found[2:], strict=True):
        assert clean[0] == dirty[0]
        np.testing.assert_array_equal(clean[1], dirty[1])


@pytest.mark.parametrize("every_step", [False, True])
def test_outputs_are_written_where_the_caller_says(every_step):
    network, (x, _, _) = a_network(every_step=every_step), a_batch()
    expected = network.forward(x)
    out = np.full_like(expected, np.nan)

    assert network.forward(x, out=out) is out
    np.testing.assert_array_equal(out, expected)
    with pytest.raises(ValueError, match=r"^out: outputs: expected \("):
        network.forward(x[:, :2], out=out)


# --- weights


def test_parameters_have_the_names_of_a_module():
    network = Network("gru", 3, 4, 2, bidirectional=True)
    assert {name: array.shape for name, array in network.parameters.items()} == {
        "rnn.weight_ih_l0": (12, 3),
        "rnn.weight_hh_l0": (12, 4),
        "rnn.bias_ih_l0": (12,),
        "rnn.bias_hh_l0": (12,),
        "rnn.weight_ih_l0_reverse": (12, 3),
        "rnn.weight_hh_l0_reverse": (12, 4),
        "rnn.bias_ih_l0_reverse": (12,),
        "rnn.bias_hh_l0_reverse": (12,),
        "head.weight": (2, 8),
        "head.bias": (2,),
    }


def test_layers_above_the_tenth_get_their_own_weights():
    network = Network("rnn-tanh", 1, 2, 1, num_layers=12, dtype="float64")
    x = np.ones((2, 1, 1))
    before = network.forward(x)
    for layer in (1, 10, 11):
        network.parameters[f"rnn.bias_ih_l{layer}"][...] += 1
        network.pack()
        after = network.forward(x)
        assert np.abs(after - before).max() > 1e-9
        before = after


def test_the_same_seed_gives_the_same_weights():
    one, same, other = (a_network(seed=seed).parameters for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.flat, same.flat)
    assert not np.isclose(one.flat, other.flat).any()


def test_weights_that_are_loaded_are_used():
    one, other = a_network(seed=1), a_network(seed=2)
    x, _, _ = a_batch()
    other.load(dict(one.parameters))
    np.testing.assert_array_equal(other.forward(x), one.forward(x))


def test_without_biases_only_the_head_has_one():
    network = a_network(bias=False)
    assert [name for name in network.parameters if "bias" in name] == ["head.bias"]
    initialise(network)
    outputs = network.forward(np.ones((T, B, I)), training=True)
    assert network.backward(np.ones_like(outputs)).flat.all()


# --- calls


def test_batches_of_many_shapes_take_turns():
    network = a_network()
    random = np.random.default_rng(0)
    x = random.standard_normal((T, B, I))
    whole = network.forward(x)
    for b in [*range(1, B + 1)] * 2:
        for t in (T, T - 1):
            network.forward(random.standard_normal((t, b, I)))
        np.testing.assert_allclose(network.forward(x[:, :b]), whole[:b], **CLOSE)


def test_any_numbers_and_strides_are_taken():
    network = a_network(dtype="float32")
    x = np.arange(B * T * I).reshape(B, T, I).transpose(1, 0, 2) % 3
    np.testing.assert_array_equal(
        network.forward(x), network.forward(np.ascontiguousarray(x, np.float32))
    )


def test_backward_goes_back_through_the_latest_training_forward_once():
    x, doutputs = np.ones((T, B, I)), np.ones((B, O))
    for come_between in (
        lambda network: network.backward(doutputs),
        lambda network: network.forward(x),
        lambda network: network.pack(),
    ):
        network = a_network()
        network.forward(x, training=True)
        come_between(network)
        with pytest.raises(RuntimeError, match="nothing to go back through"):
            network.backward(doutputs)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Network("elman", 1, 1, 1), ValueError, "cell: expected 'rnn-tanh' or"),
        (lambda: Network("lstm", 1, 1, 0), ValueError, "output_size: expected at least 1, got 0"),
        (
            lambda: Network("lstm", 1, 1, 1, dropout=1.0),
            ValueError,
            "dropout: expected at least 0 and less than 1, got 1.0",
        ),
        (lambda: Network("lstm", 1, 1, 1, dtype="float16"), ValueError, "dtype: expected"),
        (
            lambda: Network("lstm", 3, 4, 1).forward(np.ones((2, 5))),
            ValueError,
            "x: expected (T, B, I) = (T, B, 3), got (2, 5)",
        ),
        (
            lambda: Network("lstm", 3, 4, 1).load({}),
            ValueError,
            "load: missing rnn.weight_ih_l0",
        ),
        (
            lambda: Network("lstm", 1, 2, 1).load(
                {**Network("lstm", 1, 2, 1).parameters, "head.bias": np.zeros(2, "float32")}
            ),
            ValueError,
            "head.bias: expected",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_one_clear_line(make, error, message):
    with pytest.raises(error) as raised:
        make()
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)
