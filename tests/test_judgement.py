"""The gate's operating characteristic, simulated: how often it cries wolf, and what it finds."""

import numpy as np
import pytest
from gate_noise import MODELS, Noise, normal
from numpy.typing import NDArray

from lstmbench.gate.judgement import (
    IMPROVED,
    REGRESSED,
    UNCHANGED,
    Rule,
    changes_of,
    decide,
    is_unchanged,
)

RULE = Rule()
ROWS = 12
MARGIN = float(np.log1p(0.02))


def simulate(
    noise: Noise, runs: int, change: float = 0.0, rows: int = ROWS, rule: Rule = RULE
) -> NDArray[np.int8]:
    """What many runs decide: ``(runs, rows)``.  Only the first row has changed."""
    rng = np.random.default_rng(0)
    both = RULE.screening + RULE.confirmation
    logs = noise(rng, (runs, rows, both, 4))
    logs[:, 0, :, 1:3] += np.log1p(change)
    # A few runs at a time stay in the cache.
    parts = np.array_split(logs, -(-runs // 100))
    return np.concatenate([decided(part, rule) for part in parts])


def decided(logs: NDArray[np.float64], rule: Rule) -> NDArray[np.int8]:
    """What runs decide that measured these: ``(runs, rows, blocks, 4)`` to ``(runs, rows)``."""
    seconds = np.exp(logs)
    changes = changes_of(seconds[..., [0, 3]], seconds[..., [1, 2]])
    done = is_unchanged(changes[..., : rule.screening], MARGIN, rule)
    second, look = changes[..., rule.screening :], rule.of_each_look
    done |= is_unchanged(second[..., : look.looks[0]], MARGIN, look)
    # A row that is done with has no second stage, or only half of it: nothing is left to test.
    second = np.where(done[..., np.newaxis], 0.0, second)
    return np.where(done, UNCHANGED, decide(second, MARGIN, logs.shape[1], look)).astype(np.int8)


@pytest.mark.parametrize("model", MODELS)
def test_runs_without_a_change_raise_no_false_alarm(model: str):
    decisions = simulate(MODELS[model], 10_000)
    alarms = np.mean((decisions == REGRESSED).any(axis=-1))
    assert alarms <= 0.01
    assert np.mean((decisions == IMPROVED).any(axis=-1)) <= 0.01


@pytest.mark.parametrize("model", ["1 % noise", "2 % noise", "slow tails"])
def test_a_change_of_just_what_is_allowed_is_rarely_an_alarm(model: str):
    decisions = simulate(MODELS[model], 10_000, change=0.02)
    assert np.mean(decisions[:, 0] == REGRESSED) <= 0.01


@pytest.mark.parametrize(
    ("sd", "change", "power"), [(0.01, 0.05, 0.99), (0.02, 0.05, 0.75), (0.02, 0.10, 0.99)]
)
def test_a_real_change_is_found(sd: float, change: float, power: float):
    # The stricter rule: a part of the chance of a false alarm is for compile times.
    found = simulate(normal(sd), 10_000, change, rule=RULE.of_rows)[:, 0] == REGRESSED
    assert np.mean(found) >= power


def test_a_change_is_found_among_twice_as_many_rows():
    found = simulate(normal(0.02), 4_000, 0.05, rows=24, rule=RULE.of_rows)[:, 0] == REGRESSED
    assert np.mean(found) >= 0.75


def test_what_has_changed_is_not_called_unchanged():
    for sd in (0.005, 0.01, 0.02):
        decisions = simulate(normal(sd), 4_000, 0.05)
        assert np.mean(decisions[:, 0] == UNCHANGED) <= 0.001
