"""Which backend to use for everything: the least time overall, and what using it brings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..records import Row
from ..statistics.order import geometric_mean
from .summary import Lead, Line, Overall, Speedup, is_own, overall

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
    other: str | None
    """Where it is one of the own kernels, what to use of all others; ``None`` without any."""

    @property
    def won(self) -> list[Line]:
        return [line for line in self.contests if line.fastest == self.backend]

    @property
    def surely_won(self) -> list[Line]:
        """The lines that it wins by more than noise."""
        return [line for line in self.won if line.lead is not None and line.lead.is_sure]

    @property
    def surely_lost(self) -> list[tuple[Lead, Line]]:
        """The lines on which another is faster by more than noise, and its lead over this one."""
        behind = [
            (Lead(line.ranking[0], line.rows[self.backend]), line)
            for line in self.contests
            if line.fastest != self.backend
        ]
        return [(lead, line) for lead, line in behind if lead.is_sure]

    @property
    def over_other(self) -> float | None:
        """Time of ``other`` / its own, the geometric mean over the lines that both have."""
        if self.other is None:
            return None
        both = [times for line in self.contests if self.other in (times := line.timed())]
        return geometric_mean(times[self.other] / times[self.backend] for times in both)

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
            best = _nearest(contests, lambda _name: True)
            of_best = [line for line in contests if _has(line, best)]
            timed = {row.backend for line in of_mode for row in line.ranking}
            over = means.get((mode, best))
            other = None
            if is_own(best) and any(not is_own(name) for name in timed):
                other = _nearest(contests, lambda name: not is_own(name))
            found.append(Choice(mode, best, tuple(of_best), over, len(timed), other))
    return found


def why_none(lines: Sequence[Line]) -> str:
    """Why there is nothing to choose, where ``choices`` finds none."""
    if not lines:
        return "The file has no rows: nothing was measured."
    if not any(line.ranking for line in lines):
        return "No row has a time."
    return "No work has a time on two kinds of backends: there is nothing to compare."


def _has(line: Line, backend: str) -> bool:
    return any(row.backend == backend for row in line.ranking)


def _nearest(contests: Sequence[Line], among: Callable[[str], bool]) -> str:
    """The backend of some that loses least against the fastest of those on each line."""
    behind: dict[str, list[float]] = {}
    for line in contests:
        times = line.timed()
        names = [row.backend for row in line.ranking if among(row.backend)]
        for name in names:
            behind.setdefault(name, []).append(times[name] / times[names[0]])
    enough = {name: of for name, of in behind.items() if len(of) >= len(contests) / 2}
    candidates = enough or behind
    return min(candidates, key=lambda name: geometric_mean(candidates[name]))
