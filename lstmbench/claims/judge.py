"""Every claim whose evidence is there, in the order of their ids."""

from collections.abc import Iterator, Sequence
from itertools import chain

from ..records import Result
from . import both_ways, carousel, cells, gpu, hard, lags, recipe
from .evidence import Evidence
from .records import Claim


def claims(found: Evidence, on_gpu: Sequence[Result] = ()) -> Iterator[Claim]:
    """All of them.

    Args:
        found: what was run here.
        on_gpu: result files of machines with a GPU.
    """
    parts = (
        carousel.claims(found),
        lags.claims(found),
        both_ways.claims(found),
        cells.claims(found),
        hard.claims(found),
        gpu.claims(on_gpu),
        recipe.claims(found),
    )
    return chain.from_iterable(parts)
