"""Which backend to use for everything: the least time overall, and what using it brings."""

from collections.abc import Sequence
from dataclasses import dataclass

from .records import Row
from .stats import geometric_mean
from .summary import Line, Overall, Speedup, overall

# What people ask about first comes first.
MODES = ("train", "infer", "forward", "backward")


@dataclass(frozen=True)
class Choice:
    """The backend to use for all work of a mode, and where another would be faster.

    It is the one whose times are nearest to the fastest, over all workloads that two have a time
    of: the least geometric mean of its time / the fastest.  It has a time of half of them at least.
    """

    mode: str
    backend: str
    contests: tuple[Line, ...]
    """The lines on which it and at least one other have a time."""
    over: Overall | None
    """It against the baseline; ``None`` where it is the baseline or they share no line."""
    backends: int
    """How many backends have a time in the mode."""

    @property
    def won(self) -> list[Line]:
        return [line for line in self.contests if line.fastest == self.backend]

    @property
    def surely_won(self) -> list[Line]:
        """The lines that it wins by more than noise."""
        return [line for line in self.won if line.lead is not None and line.lead.is_sure]

    @property
    def ahead(self) -> list[tuple[Speedup, Line]]:
        """Time of the fastest other / its own, for each contest: below 1 where it loses."""
        found = []
        for line in self.contests:
            between = Speedup.of(self._rival(line), line.rows[self.backend])
            assert between is not None
            found.append((between, line))
        return found

    @property
    def typically_ahead(self) -> float:
        """The geometric mean of those ratios."""
        return geometric_mean(speedup.value for speedup, _ in self.ahead)

    def _rival(self, line: Line) -> Row:
        return next(row for row in line.ranking if row.backend != self.backend)


def choices(lines: Sequence[Line], baseline: str) -> list[Choice]:
    """One choice for each mode in which two backends have a time of the same work."""
    found = []
    means = {(each.mode, each.backend): each for each in overall(lines, baseline)}
    for mode in MODES:
        of_mode = [line for line in lines if line.workload.mode == mode and line.ranking]
        contests = [line for line in of_mode if line.lead]
        if contests:
            best = _nearest(contests)
            of_best = [line for line in contests if _has(line, best)]
            timed = {row.backend for line in of_mode for row in line.ranking}
            over = means.get((mode, best))
            found.append(Choice(mode, best, tuple(of_best), over, len(timed)))
    return found


def _has(line: Line, backend: str) -> bool:
    return any(row.backend == backend for row in line.ranking)


def _nearest(contests: Sequence[Line]) -> str:
    """The backend that loses least against the fastest of each line."""
    behind: dict[str, list[float]] = {}
    for line in contests:
        times = line.timed()
        fastest = times[line.ranking[0].backend]
        for row in line.ranking:
            behind.setdefault(row.backend, []).append(times[row.backend] / fastest)
    enough = {name: of for name, of in behind.items() if len(of) >= len(contests) / 2}
    candidates = enough or behind
    return min(candidates, key=lambda name: geometric_mean(candidates[name]))
