"""What more threads gain: each backend beside itself with one thread."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..statistics.order import geometric_mean
from .duel import is_large, seconds
from .summary import Line


@dataclass(frozen=True)
class Gain:
    """One row of several threads: time with one thread / time with these."""

    value: float
    line: Line


@dataclass(frozen=True)
class Scaling:
    """The gains of one backend in one mode with one number of threads; at least one."""

    backend: str
    mode: str
    threads: int
    gains: Sequence[Gain]

    @property
    def geometric_mean(self) -> float:
        return geometric_mean(gain.value for gain in self.gains)

    @property
    def lowest(self) -> Gain:
        return min(self.gains, key=lambda gain: gain.value)

    @property
    def highest(self) -> Gain:
        return max(self.gains, key=lambda gain: gain.value)

    @property
    def of_large(self) -> float | None:
        """The geometric mean where a step is products of matrices; ``None`` where it never is."""
        large = [gain.value for gain in self.gains if is_large(gain.line.workload)]
        return geometric_mean(large) if large else None


def scalings(lines: Sequence[Line]) -> list[Scaling]:
    """Each mode, number of threads and backend that has times with one thread and with more."""
    alone = {
        (line.workload, name): seconds(line.rows[name])
        for line in lines
        if line.threads == 1
        for name in line.timed()
    }
    found: dict[tuple[str, int, str], list[Gain]] = {}
    for line in lines:
        for name in line.timed() if line.threads > 1 else ():
            before = alone.get((line.workload, name))
            if before is not None:
                key = (line.workload.mode, line.threads, name)
                found.setdefault(key, []).append(Gain(before / seconds(line.rows[name]), line))
    return [
        Scaling(name, mode, threads, tuple(gains)) for (mode, threads, name), gains in found.items()
    ]
