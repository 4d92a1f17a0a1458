"""Every claim whose evidence is there, in the order of their ids."""

from collections.abc import Iterator, Sequence
from itertools import chain

from ..learning.records import TRAINED
from ..records import Result
from . import both_ways, carousel, cells, gpu, hard, lags, recipe
from .evidence import Evidence
from .records import Claim, Verdict


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
    return (_tested(claim, found) for claim in chain.from_iterable(parts))


def _tested(claim: Claim, found: Evidence) -> Claim:
    """The claim, but untested where a cell has no trial that went well or badly."""
    for name in claim.evidence:
        file = found.learning.get(name)
        for trial in file.trials if file else ():
            if trial.status not in TRAINED:
                because = f"{name}: {trial.name} {trial.status}: {trial.reason}"
                return claim.model_copy(update={"verdict": Verdict.UNTESTED, "because": because})
    return claim
