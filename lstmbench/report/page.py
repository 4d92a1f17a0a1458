"""Result files as a Markdown page; the same bytes for the same files.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from ..analysis import summary
from ..analysis.summary import Line
from ..errors import UsageError
from ..markdown import fold
from ..records import Result
from . import (
    batching,
    bounds,
    breakeven,
    compilation,
    devices,
    gpu,
    latency,
    padding,
    peers,
    scaling,
    twins,
    usage,
)
from .answer import answer, definition, standings
from .grids import grids
from .method import machine, method
from .overview import overview, scope, title
from .pictures import bounds as bound_pictures
from .pictures import fastest, times
from .rows import every_row
from .shelf import Shelf
from .trouble import doubtful, untimed

TITLE = "# Recurrent networks: training speedup and inference throughput"
# What GitHub shows of the summary of a step, at most.
MOST_BYTES = 2**20
# What is left out where a page would be too long, the last first.
RANKS = (
    "the answer, the machine and the method",
    "grids, standings and rows without a time",
    "pictures, roofline and compile time",
    "peers, batches, latency, padding, threads and memory",
    "every row",
)


@dataclass(frozen=True)
class Part:
    """A piece of the page: what is left out first has the highest rank."""

    rank: int
    make: Callable[[], Iterable[str]]


def markdown(
    results: Sequence[Result], shelf: Shelf | None = None, max_bytes: int = MOST_BYTES
) -> str:
    """The whole page: the answer, who wins where, every number, and how it was measured.

    Args:
        shelf: where its pictures go; without one it has none.
        max_bytes: the size of its text in UTF-8, at most.  Parts are left out in the order of
            ``RANKS`` from its end, and the page says so.

    Raises ``UsageError`` where even the first of ``RANKS`` does not fit.
    """
    parts = list(_parts(results, shelf or Shelf()))
    kept: dict[int, str] = {}
    text = ""
    for rank, _ in enumerate(RANKS):
        made = {n: "\n\n".join(part.make()) for n, part in enumerate(parts) if part.rank == rank}
        longer = _joined(kept | made, RANKS[rank + 1 :], max_bytes)
        if (size := len(longer.encode())) > max_bytes:
            if not kept:
                raise UsageError(f"--max-bytes: expected {size} or more, got {max_bytes}")
            break
        kept, text = kept | made, longer
    return text


def _joined(kept: dict[int, str], left_out: Sequence[str], max_bytes: int) -> str:
    texts = [text for _, text in sorted(kept.items()) if text]
    if left_out:
        what = "; ".join(left_out)
        texts.insert(1, f"Left out, to stay within {max_bytes} bytes (`--max-bytes`): {what}.")
    return "\n\n".join(texts) + "\n"


def _parts(results: Sequence[Result], shelf: Shelf) -> Iterator[Part]:
    files = [(result, summary.lines_of(result.rows)) for result in results]
    if len(files) == 1:
        ((result, lines),) = files
        yield Part(0, lambda: [f"# Recurrent networks on {title(result)}", scope(result, lines)])
        yield from _of_file(result, lines, shelf)
        return
    yield Part(0, lambda: [TITLE, *overview(files)])
    for number, (result, lines) in enumerate(files, start=1):
        heading = [f"## {number}. {title(result)}", scope(result, lines)]
        yield Part(0, partial(list, heading))
        yield from _of_file(result, lines, shelf.of(number))


def _of_file(result: Result, lines: Sequence[Line], shelf: Shelf) -> Iterator[Part]:
    baseline, rows = result.baseline, result.rows
    on_cpu, on_gpu = (summary.on_gpu(lines, wanted) for wanted in (False, True))
    yield Part(0, lambda: [answer(lines, baseline)])
    yield Part(0, lambda: [definition(baseline)] if any(line.lead for line in lines) else [])
    yield Part(0, lambda: doubtful(rows))
    yield Part(0, lambda: map(shelf.place, fastest(lines)))
    yield Part(0, lambda: breakeven.section(result))
    yield Part(1, lambda: _under("Sequence length × batch size", grids(lines, baseline)))
    yield Part(1, lambda: _under("Every backend beside the baseline", [standings(lines, baseline)]))
    yield Part(2, lambda: _under("Time against the sizes", _times(lines, shelf)))
    yield Part(2, lambda: bounds.section(rows, result.roofs))
    yield Part(2, lambda: map(shelf.place, bound_pictures(lines)))
    yield Part(2, lambda: devices.section(lines))
    yield Part(2, lambda: compilation.section(rows))
    yield Part(1, lambda: untimed(rows))
    yield Part(3, lambda: peers.section(on_cpu))
    yield Part(3, lambda: peers.section(on_gpu, ", on the GPU"))
    yield Part(3, lambda: batching.section(lines))
    yield Part(3, lambda: latency.section(rows))
    yield Part(3, lambda: padding.section(lines))
    yield Part(3, lambda: scaling.section(on_cpu))
    yield Part(3, lambda: twins.section(lines))
    yield Part(3, lambda: gpu.section(rows))
    yield Part(3, lambda: usage.section(rows))
    yield Part(4, lambda: [every_row(lines, baseline)])
    yield Part(0, lambda: [machine(result), method(result)])


def _under(heading: str, texts: Iterable[str]) -> Iterator[str]:
    """Texts under a heading; nothing where there is none."""
    found = [text for text in texts if text]
    if found:
        yield f"### {heading}"
    yield from found


def _times(lines: Sequence[Line], shelf: Shelf) -> Iterator[str]:
    """Time against sequence length and batch size: the first picture open, the others folded."""
    placed = [shelf.place(picture) for picture in times(lines)]
    yield from placed[:1]
    if any(placed[1:]):
        yield fold(f"The same for {len(placed) - 1} more", "\n\n".join(placed[1:]))
