"""What is left of a gradient is what finite differences, PyTorch and closed forms say is left."""

import numpy as np
import pytest
from conftest import require_peer

from lstmbench.gradients import flow

H, T = 5, 12
LAGS = (1, 2, 7, T)


def an_input(seed=0):
    return np.random.default_rng(seed).standard_normal((T, 1))


def gain(jacobian):
    return np.linalg.norm(jacobian) / H**0.5


def differences(cell, parameters, x, lag, state):
    """The Jacobian of the last state over the one a lag before it, by central differences."""
    layer = flow.LAYERS[cell](x.shape[1], H, dtype="float64", num_threads=1)
    layer.load_state_dict(parameters)
    names = ("h", "c") if cell == "lstm" else ("h",)
    start = {name: np.zeros((1, 1, H)) for name in names}

    def run(steps, states):
        given = tuple(states.values()) if cell == "lstm" else states["h"]
        last = layer.forward(np.ascontiguousarray(steps[:, None]), given)[1]
        return dict(zip(names, last if cell == "lstm" else (last,), strict=True))

    before = run(x[:-lag], start) if lag < len(x) else start
    columns = []
    for unit in np.eye(H):
        moved = [
            run(x[-lag:], {**before, state: before[state] + step * unit})[state].copy()
            for step in (1e-5, -1e-5)
        ]
        columns.append((moved[0] - moved[1]).ravel() / 2e-5)
    return np.array(columns).T


@pytest.mark.parametrize("cell", flow.LAYERS)
def test_gains_are_those_of_finite_differences(cell):
    parameters = flow.initial(cell, H, forget_bias=None, seed=3)
    x = an_input()

    found = flow.measure(cell, parameters, x, LAGS)

    for state, gains in (("h", found.hidden), ("c", found.cell)):
        assert len(gains) == (0 if state == "c" and cell != "lstm" else len(LAGS))
        for lag, value in zip(LAGS, gains, strict=bool(gains)):
            expected = gain(differences(cell, parameters, x, lag, state))
            np.testing.assert_allclose(value, expected, rtol=1e-6, atol=1e-11)


@pytest.mark.peer
def test_gains_of_an_lstm_are_those_of_autograd():
    torch = require_peer("torch")
    parameters = flow.initial("lstm", H, forget_bias=2.0, seed=1)
    theirs = torch.nn.LSTM(1, H, dtype=torch.float64)
    theirs.load_state_dict({name: torch.tensor(value) for name, value in parameters.items()})
    x = torch.tensor(an_input())
    with torch.no_grad():
        _, (h, c) = theirs(x[:-7])

    def last(state, which):
        given = (state, c) if which == 0 else (h, state)
        return theirs(x[-7:], given)[1][which]

    found = flow.measure("lstm", parameters, an_input(), (7,))

    for which, value in enumerate((found.hidden[0], found.cell[0])):
        start = (h, c)[which]
        jacobian = torch.autograd.functional.jacobian(lambda s, w=which: last(s, w), start)
        np.testing.assert_allclose(value, gain(jacobian.reshape(H, H).numpy()), rtol=1e-12)


def test_half_of_a_gradient_is_half_again_at_every_step():
    """h = relu(h/2 + 1) is linear where h is above 0, and so is its gradient."""
    parameters = {
        "weight_ih_l0": np.zeros((H, 1)),
        "weight_hh_l0": np.eye(H) / 2,
        "bias_ih_l0": np.ones(H),
        "bias_hh_l0": np.zeros(H),
    }

    found = flow.measure("rnn-relu", parameters, an_input(), LAGS)

    np.testing.assert_allclose(found.hidden, [0.5**lag for lag in LAGS], rtol=1e-12)


def test_a_forget_gate_that_is_open_keeps_all_of_it():
    """With no weights and f = 1 the c of a step is that of the step before: the carousel."""
    parameters = {
        name: np.zeros_like(value)
        for name, value in flow.initial("lstm", H, forget_bias=None, seed=0).items()
    }
    parameters["bias_ih_l0"][H : 2 * H] = 100.0

    found = flow.measure("lstm", parameters, an_input(), LAGS)

    np.testing.assert_allclose(found.cell, 1.0, rtol=1e-12)
    np.testing.assert_allclose(found.hidden, 0.0, atol=0)


def test_what_is_too_much_for_a_number_is_told():
    parameters = {
        "weight_ih_l0": np.zeros((H, 1)),
        "weight_hh_l0": 1e100 * np.eye(H),
        "bias_ih_l0": np.full(H, 1e-100),
        "bias_hh_l0": np.zeros(H),
    }

    with pytest.raises(FloatingPointError, match=r"lag 2: what is left of ∂h is inf"):
        flow.measure("rnn-relu", parameters, an_input()[:2], (1, 2))


def test_a_forget_bias_is_the_sum_of_both_biases_and_nothing_else_changes():
    drawn = flow.initial("lstm", H, forget_bias=None, seed=4)
    given = flow.initial("lstm", H, forget_bias=1.5, seed=4)
    forget = slice(H, 2 * H)

    both = given["bias_ih_l0"] + given["bias_hh_l0"]
    np.testing.assert_array_equal(both[forget], 1.5)
    for name, value in drawn.items():
        changed = np.flatnonzero((value != given[name]).reshape(len(value), -1).any(axis=1))
        inside = set(range(H, 2 * H)) if name.startswith("bias") else set()
        assert set(changed) <= inside
