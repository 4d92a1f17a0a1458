"""The gate held against itself: the same build twice, and the same build made slower on purpose.

The slowdown is a real one: the copy of a side runs each call of its kernels, and then keeps the
processor busy for a known share of the time that took.  Nothing is scaled afterwards.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ..model import Model, NotNegative
from .compilation import ID as COMPILATION
from .records import GateFile
from .sides import UNDER_TEST, Side, copy_of

# What is added to the module that runs compiled code: see ``lstmbench_kernels.cpu.workspace``.
SLOWER = """

_run = Workspace.run


def _run_slower(self, entry):
    begin = clock()
    _run(self, entry)
    end = clock()
    while clock() - end < {share!r} * (end - begin):
        pass


Workspace.run = _run_slower
"""
CONFIDENCE = 0.95


class Run(Model):
    """One gate of a build against itself, or against itself made slower."""

    share: NotNegative
    """By how much head was slower, as a fraction."""
    verdict: GateFile
    """What came of it."""


class Tries(Model):
    """Rows of several runs in which head was slower by a known share, 0 for none."""

    share: NotNegative
    """By how much, as a fraction."""
    runs: int
    """How many runs there were."""
    rows: int
    """How many rows they judged."""
    found: int
    """How many of those came out as regressed."""
    undecided: int
    """How many came out as inconclusive."""
    stopped: int
    """How many runs ended as regressed: a change would have been stopped."""

    @property
    def rate(self) -> float:
        """The part that was found: of false alarms where nothing was slower, of power elsewhere."""
        return self.found / self.rows if self.rows else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The exact 95 % interval of the rate (Clopper and Pearson, Biometrika 26, 1934)."""
        from scipy import stats

        if not self.rows:
            return 0.0, 1.0
        found = stats.binomtest(self.found, self.rows).proportion_ci(CONFIDENCE, "exact")
        return float(found.low), float(found.high)


class SelfTestFile(Model):
    """What a gate held against itself came to."""

    model_config = ConfigDict(title="lstmbench gate --self-test")

    schema_: Annotated[Literal["lstmbench/gate-self-test"], Field(alias="schema")] = (
        "lstmbench/gate-self-test"
    )
    """What kind of file this is."""
    version: Literal[1] = 1
    """The version of the format."""
    tries: tuple[Tries, ...]
    """What was found, of each slowdown."""
    runs: tuple[Run, ...]
    """Every run, whole."""


def run_self_test(
    sides: Mapping[str, Side],
    plan: Mapping[float, int],
    judge: Callable[[Mapping[str, Side]], GateFile],
    keep: Callable[[SelfTestFile], None],
) -> SelfTestFile:
    """Judge the base against itself, and against itself slowed down.

    Args:
        sides: as ``make_sides`` gives them; only the base is used.
        plan: how many runs with which share, 0 for the null runs.
        judge: runs a gate on sides.
        keep: what is given all that was found so far, after each run.
    """
    runs: list[Run] = []
    for share, times in plan.items():
        with slowed(sides["base"], share) as head:
            for _ in range(times):
                runs.append(Run(share=share, verdict=judge({**sides, "head": head})))
                keep(_found(runs))
    return _found(runs)


@contextmanager
def slowed(side: Side, share: float) -> Iterator[Side]:
    """A copy of a side as head, whose kernels take longer by a share of their own time."""
    with TemporaryDirectory(prefix="lstmbench-gate-") as folder:
        head = copy_of(side, "head", Path(folder))
        if share:
            with (head.path[0] / UNDER_TEST / "cpu" / "workspace.py").open(
                "a", encoding="utf-8"
            ) as file:
                file.write(SLOWER.format(share=share))
        revision = f"base, slower by {100 * share:g} %" if share else "base"
        yield replace(head, revision=revision)


def _found(runs: Sequence[Run]) -> SelfTestFile:
    shares = dict.fromkeys(run.share for run in runs)
    return SelfTestFile(tries=tuple(_count(share, runs) for share in shares), runs=tuple(runs))


def _count(share: float, runs: Sequence[Run]) -> Tries:
    """Compile times are not among what is slowed down, and so not among the rows."""
    verdicts = [run.verdict for run in runs if run.share == share]
    rows = [row.decision for each in verdicts for row in each.rows if row.id != COMPILATION]
    return Tries(
        share=share,
        runs=len(verdicts),
        rows=len(rows),
        found=rows.count("regressed"),
        undecided=rows.count("inconclusive"),
        stopped=sum(each.verdict == "regressed" for each in verdicts),
    )


def least_found(tries: Sequence[Tries], power: float = 0.9) -> float | None:
    """The smallest slowdown from which on all that were tried are found that often."""
    least = None
    for each in sorted((t for t in tries if t.share), key=lambda t: t.share, reverse=True):
        if each.rate < power:
            break
        least = each.share
    return least
