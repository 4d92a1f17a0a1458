"""The section of the page that sets the own kernels beside every peer.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from ..analysis import summary
from ..analysis.duel import (
    LARGE_BATCH,
    LARGE_HIDDEN,
    Duel,
    Series,
    duels_of,
    is_large,
    seconds,
    series,
)
from ..analysis.summary import NOISE, Line
from ..analysis.tables import MODE_WORDS
from ..markdown import escape, fold, table
from ..units import duration, percent, ratio
from .fields import median, of_the_bound, row_name

_NOISE = f"{100 * NOISE:.0f} %"
_LARGE = f"B ≥ {LARGE_BATCH} and H ≥ {LARGE_HIDDEN}"
# Who does three quarters of what the machine can is limited by it more than by what is beyond.
_NEAR = 0.75


def section(lines: Sequence[Line], where: str = "") -> Iterator[str]:
    """The whole section; nothing where no line has both an own time and a peer's.

    ``where`` ends its title: rows on a GPU stand beside peers on a GPU.
    """
    duels = duels_of(lines)
    if not duels:
        return
    own = dict.fromkeys(escape(each.own.backend) for each in duels)
    yield f"### Own kernels beside every peer{where}"
    bound = (
        "" if where else " The bound is the least time that the roofline of this machine allows."
    )
    yield (
        f"Own: {', '.join(own)}. Fastest peer / own, a ratio of times: above 1 the own kernels "
        f"are faster. A row is missed where they are slower by more than {_NOISE}.{bound}"
    )
    yield "\n".join(_sentences(duels))
    yield from _tables(duels)


def _sentences(duels: Sequence[Duel]) -> Iterator[str]:
    """An item a mode with what belongs to it below."""
    for mode in dict.fromkeys(each.line.workload.mode for each in duels):
        of_mode = [each for each in duels if each.line.workload.mode == mode]
        yield _against_the_fastest(mode, of_mode)
        yield from (f"  - {item}." for item in _details(mode, of_mode))


def _against_the_fastest(mode: str, duels: Sequence[Duel]) -> str:
    """The headline of a mode: the mean, the extremes, and how many rows are missed."""
    ratios = Series([(each.ratio, each) for each in duels])
    missed = sum(each.is_missed for each in duels)
    return (
        f"- {MODE_WORDS[mode].capitalize()}: **{ratio(ratios.geometric_mean)} the fastest peer** "
        f"(geometric mean; {_at(ratios.lowest)} to {_at(ratios.highest)}); "
        f"{missed} of {_rows(len(duels))} missed."
    )


def _details(mode: str, duels: Sequence[Duel]) -> Iterator[str]:
    """Each peer, what the bound would allow, how near to it the rows are, and the memory."""
    names = _peers(duels)
    for name in names:
        if beside := series(partial(Duel.over, peer=name), duels):
            yield f"{escape(name)}: {_mean_and_lowest(beside)}"
    possible = series(lambda each: each.headroom, duels)
    if possible and len(possible.of) == len(duels):
        yield f"at the bound of this machine it would be {ratio(possible.geometric_mean)}"
    for where, some in (
        (_LARGE, [each for each in duels if is_large(each.line.workload)]),
        ("B = 1", [each for each in duels if each.line.workload.batch_size == 1]),
    ):
        if near := series(lambda each: each.fraction, some):
            lowest, at = near.lowest
            yield (
                f"of the bound where {where}: {percent(near.mean)} "
                f"(mean of {_rows(len(near.of))}; lowest {percent(lowest)} at {_row(at)})"
            )
    for name in names if mode == "train" else ():
        if memory := series(partial(Duel.memory_over, peer=name), duels):
            above = sum(value > 1 for value, _ in memory.of)
            yield (
                f"peak memory: above that of {escape(name)} in {above} of "
                f"{_rows(len(memory.of))}; at most {_at(memory.highest)}"
            )


def _tables(duels: Sequence[Duel]) -> Iterator[str]:
    """The rows that are missed, the worst first, then the others in their order, folded."""
    missed = sorted((each for each in duels if each.is_missed), key=lambda each: each.ratio)
    others = [each for each in duels if not each.is_missed]
    names = _peers(duels)
    head = [
        "row",
        "threads",
        "own",
        *(escape(name) for name in names),
        "fastest peer / own",
        "of the bound",
    ]
    if missed:
        body = [[*_cells(each, names), _limit(each)] for each in missed]
        yield "**Rows that miss**\n\n" + table([*head, "what limits it"], body, left=(0, len(head)))
    else:
        yield f"No row is slower than its fastest peer by more than {_NOISE}."
    if others:
        body = [_cells(each, names) for each in others]
        yield fold(
            f"{'Every other row' if missed else 'Every row'} beside every peer ({len(body)})",
            table(head, body, left=(0,)),
        )


def _cells(each: Duel, names: Sequence[str]) -> list[str]:
    rows = each.line.rows
    return [
        row_name(each.own),
        str(each.line.threads),
        median(each.own),
        *(median(rows[name]) if name in rows else "" for name in names),
        ratio(each.ratio),
        of_the_bound(each.own),
    ]


def _limit(each: Duel) -> str:
    """Why a row is missed, as far as its numbers tell."""
    if each.least is None or each.fraction is None:
        return "no bound is known"
    peer, bound = escape(each.peer.backend), escape(each.own.bound or "it")
    if each.fraction >= _NEAR:
        theirs = percent(each.least / seconds(each.peer))
        return f"the bound itself: own {percent(each.fraction)}, {peer} {theirs} of {bound}"
    own, theirs = (duration(seconds(row) - each.least) for row in (each.own, each.peer))
    return f"time beyond the bound of {bound}: own {own}, {peer} {theirs}"


def _peers(duels: Sequence[Duel]) -> list[str]:
    """The peers that have a time in any of the rows, in the order in which they first occur."""
    return list(dict.fromkeys(name for each in duels for name in summary.peers(each.line)))


def _mean_and_lowest(numbers: Series) -> str:
    return (
        f"{ratio(numbers.geometric_mean)} (geometric mean of {_rows(len(numbers.of))}; "
        f"{_at(numbers.lowest)} at the lowest)"
    )


def _at(pair: tuple[float, Duel]) -> str:
    value, each = pair
    return f"{ratio(value)} at {_row(each)}"


def _row(each: Duel) -> str:
    threads = each.line.threads
    return f"{row_name(each.own)} ({threads} thread{'s' if threads > 1 else ''})"


def _rows(count: int) -> str:
    return f"{count} row{'s' if count > 1 else ''}"
