"""Forecast the sunspot number of a year from those of the years before it."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..data import FIRST_YEAR, load_sunspot_numbers
from .task import Example, Goal, Task

LAST_TRAINED = 1920
WINDOW = 24  # about two of the sun's cycles
ORDER = 12

Series = NDArray[np.float64]


def task() -> Task:
    """Years up to 1920 to train on, 1921 to 2008 to test with; one year ahead.

    A window of a test year may reach back over 1920: what came before is known when the year comes.
    """
    numbers = load_sunspot_numbers()
    split = LAST_TRAINED + 1 - FIRST_YEAR
    trained = numbers[:split]
    series = (numbers - trained.mean()) / trained.std()
    tested = series[split:]
    autoregressive = _mean_square(tested - autoregression(series, split)[split:])
    return Task(
        name="sunspots",
        description=f"the sunspot number of the year after {WINDOW} years",
        source="the series and its parts: Weigend, Huberman & Rumelhart, Predicting the future: a "
        "connectionist approach, International Journal of Neural Systems 1(3), 1990 (there "
        "the test ends in 1979)",
        input_size=1,
        output_size=1,
        loss="mean squared error",
        answer="last",
        goal=Goal("mean squared error", autoregressive),
        trivial=_mean_square(tested),  # the mean of the years trained on, which is 0
        baselines={
            "persistence": _mean_square(tested - series[split - 1 : -1]),
            f"autoregression of {ORDER} years": autoregressive,
        },
        example=partial(_any_window, series[:split]),
        test_examples=tuple(_window(series, year) for year in range(split, len(series))),
    )


def autoregression(series: Series, split: int, order: int = ORDER) -> Series:
    """Each value from those before it, by least squares over the values before ``split``, ``(N,)``.

    The first ``order`` values have no forecast: NaN.
    """
    ahead = len(series) - order
    past = np.stack([series[k : k + ahead] for k in range(order)] + [np.ones(ahead)], 1)
    fitted = np.linalg.lstsq(past[: split - order], series[order:split])[0]
    return np.concatenate([np.full(order, np.nan), past @ fitted])


def _any_window(series: Series, rng: np.random.Generator) -> Example:
    return _window(series, int(rng.integers(WINDOW, len(series))))


def _window(series: Series, year: int) -> Example:
    """The years before one, and that one."""
    return series[year - WINDOW : year, np.newaxis].astype(np.float32), series[year : year + 1]


def _mean_square(errors: Series) -> float:
    return float(np.square(errors).mean())
