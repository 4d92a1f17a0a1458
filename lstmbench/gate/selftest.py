"""The gate held against itself: the same build twice, and the same build made slower on purpose.

The slowdown is a real one: the copy of a side runs each call of its kernels, and then keeps the
processor busy for a known share of the time that took.  Nothing is scaled afterwards.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

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


@dataclass(frozen=True)
class Tries:
    """Rows of several runs in which head was slower by a known share, 0 for none.

    Attributes:
        share: by how much, as a fraction.
        rows: how many rows were judged.
        found: how many of them came out as regressed.
        undecided: how many came out as inconclusive.
    """

    share: float
    rows: int
    found: int
    undecided: int

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


def run_self_test(
    sides: Mapping[str, Side],
    shares: Sequence[float],
    runs: int,
    judge: Callable[[Mapping[str, Side]], GateFile],
    tell: Callable[[float, GateFile], None],
) -> list[Tries]:
    """Judge the base against itself, and against itself slowed down, so many times each.

    Args:
        sides: as ``make_sides`` gives them; only the base is used.
        shares: by how much head is slower, as fractions; 0 for the null runs.
        judge: runs a gate on sides.
        tell: what hears of each run.
    """
    found = []
    for share in shares:
        with slowed(sides["base"], share) as head:
            results = []
            for _ in range(runs):
                result = judge({**sides, "head": head})
                tell(share, result)
                results.append(result)
        found.append(_count(share, results))
    return found


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


def _count(share: float, results: Sequence[GateFile]) -> Tries:
    rows = [row.decision for result in results for row in result.rows]
    return Tries(share, len(rows), rows.count("regressed"), rows.count("inconclusive"))


def least_found(tries: Sequence[Tries], power: float = 0.9) -> float | None:
    """The smallest slowdown from which on all that were tried are found that often."""
    least = None
    for each in sorted((t for t in tries if t.share), key=lambda t: t.share, reverse=True):
        if each.rate < power:
            break
        least = each.share
    return least
