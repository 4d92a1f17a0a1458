"""What is real: a series of yearly sunspot numbers, the windows cut from it, and a text.

Where they come from is written in ``README.md`` beside this file.
"""

from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]

FIRST_YEAR = 1700


def load_sunspot_numbers() -> Series:
    """The sunspot numbers of the years 1700 to 2008, oldest first, as counted, ``(309,)``."""
    with files(__name__).joinpath("sunspots.csv").open(encoding="utf-8") as lines:
        return np.loadtxt(lines, delimiter=",", skiprows=1, usecols=1)


def load_sunspots() -> Series:
    """The same, standardised."""
    return standardise(load_sunspot_numbers())


def load_text() -> str:
    """A story of 19,943 characters, ASCII."""
    # Read as bytes: the ends of lines are the same everywhere.
    return files(__name__).joinpath("ferry.txt").read_bytes().decode("ascii")


def standardise(series: Series) -> Series:
    """Shift and scale to zero mean and unit (population) variance.

    Raw counts of up to 190 would saturate the gates of a network with default weights.
    """
    standardised: Series = (series - series.mean()) / series.std()
    return standardised


def windows(series: Series, seq_len: int, batch_size: int) -> Series:
    """Cut a batch of windows from a series.

    Starts are spread evenly: the first window begins at the series' first value, the last ends at
    its last, and windows overlap where ``batch_size * seq_len`` exceeds the series.  The same
    arguments give the same windows.

    Args:
        series: ``(N,)``.
        seq_len: T, the length of a window, 1 to N.
        batch_size: B, the number of windows.

    Returns:
        ``(T, B, 1)``, time-major: window b is ``[:, b, 0]``.

    Raises:
        ValueError: where a window is longer than the series, or a size is below 1.
    """
    if not (1 <= seq_len <= len(series) and batch_size >= 1):
        raise ValueError(
            f"windows: expected 1 <= seq_len <= {len(series)} (the length of the series) and "
            f"batch_size >= 1, got seq_len {seq_len} and batch_size {batch_size}"
        )
    last = len(series) - seq_len
    starts = np.arange(batch_size) * last // max(batch_size - 1, 1)
    steps = np.arange(seq_len)
    return series[starts[np.newaxis, :] + steps[:, np.newaxis], np.newaxis]
