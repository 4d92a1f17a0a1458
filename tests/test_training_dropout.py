"""Dropout: how much is dropped, that each mask is another, and what it does to gradients."""

import numpy as np
import pytest
from scipy.stats import chi2

from lstmbench_kernels.training import Network, mean_squared_error
from lstmbench_kernels.training.dropout import dropout_mask

SIGMAS = 5  # of a count of zeros; a right share is further off once in two million seeds


def a_mask(*size, share=0.3, seed=0, step=0, layer=1):
    mask = np.full(size, np.nan, np.float32)
    dropout_mask(mask, share, seed, step, layer)
    return mask


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.9])
def test_a_mask_has_the_share_of_zeros_the_mean_and_the_variance_it_should(share):
    mask = a_mask(100, 50, 41, share=share)
    values = np.unique(mask)
    assert values[0] == 0
    assert values[1:] == pytest.approx([1 / (1 - share)], rel=2e-4)
    error = np.sqrt(share * (1 - share) / mask.size)
    assert abs((mask == 0).mean() - share) < SIGMAS * error
    assert abs(mask.mean(dtype=float) - 1) < SIGMAS * error / (1 - share)
    assert mask.var(dtype=float) == pytest.approx(share / (1 - share), rel=0.05)


def test_zeros_are_spread_evenly():
    zeros = a_mask(200, 40, 32) == 0
    pairs = zeros[..., ::2] & zeros[..., 1::2]
    for counts, tries, chance in (
        (zeros.sum(axis=(0, 1)), 200 * 40, 0.3),  # of each unit
        (zeros.sum(axis=(1, 2)), 40 * 32, 0.3),  # of each step
        (pairs.sum(axis=(0, 1)), 200 * 40, 0.09),  # of neighbours together
    ):
        statistic = ((counts - tries * chance) ** 2).sum() / (tries * chance * (1 - chance))
        assert 1e-4 < chi2.cdf(statistic, len(counts)) < 1 - 1e-4


def test_a_mask_is_named_by_seed_step_and_layer():
    first = a_mask(50, 50)
    np.testing.assert_array_equal(a_mask(50, 50), first)
    for other in ({"seed": 1}, {"step": 1}, {"layer": 2}):
        both = ((a_mask(50, 50, **other) == 0) & (first == 0)).mean()
        assert both == pytest.approx(0.09, abs=SIGMAS * np.sqrt(0.09 * 0.91 / 2500))


def a_network(dropout):
    return Network("gru", 3, 7, 2, num_layers=3, dropout=dropout, dtype="float64")


X = np.random.default_rng(4).standard_normal((6, 4, 3))


def test_without_training_nothing_is_dropped():
    np.testing.assert_array_equal(a_network(0.5).forward(X), a_network(0.0).forward(X))
    assert np.abs(a_network(0.5).forward(X, training=True) - a_network(0.0).forward(X)).max() > 0.01


def test_each_training_call_drops_others():
    network, again = a_network(0.5), a_network(0.5)
    first, second = (network.forward(X, training=True) for _ in range(2))
    assert np.abs(first - second).max() > 0.01
    np.testing.assert_array_equal(again.forward(X, training=True), first)


def test_the_last_layer_is_not_dropped():
    one = Network("gru", 3, 7, 2, dropout=0.5, dtype="float64")
    np.testing.assert_array_equal(one.forward(X, training=True), one.forward(X))


def test_gradients_are_those_of_finite_differences_under_the_same_masks():
    network = a_network(0.4)
    targets = np.ones((4, 2))

    def loss():
        network.stack.draws = 5
        return mean_squared_error(network.forward(X, training=True), targets)

    gradients = network.backward(loss()[1]).flat.copy()
    flat = network.parameters.flat
    random = np.random.default_rng(5)
    for _ in range(5):  # along random directions, each through every weight
        direction = random.standard_normal(flat.size)
        start, slopes = flat.copy(), []
        for sign in (1, -1):
            flat[...] = start + sign * 1e-6 * direction
            network.pack()
            slopes.append(loss()[0])
        flat[...] = start
        assert (slopes[0] - slopes[1]) / 2e-6 == pytest.approx(gradients @ direction, rel=1e-6)
