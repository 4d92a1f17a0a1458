"""What a terminal shows, as Rich renderables that are fed with results.

``python -m lstmbench.tables RESULT`` shows a result file.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from . import arithmetic, summary, twins
from .batching import batchings, throughput
from .records import Result, Row
from .result import read
from .scaling import scalings
from .units import duration, percent, rate, ratio

MODE_WORDS = {
    "train": "training",
    "infer": "inference",
    "forward": "training forward",
    "backward": "backward",
}
# In the seven characters of a column of times.
STATUS_WORDS = {
    "incorrect": "wrong",
    "unavailable": "n/a",
    "failed": "failed",
    "timeout": "timeout",
    "oom": "memory",
    "skipped": "skipped",
}
STATUS_STYLES = {"unavailable": "dim", "skipped": "dim"}
# What the column of steps a second needs besides the others.
WIDE = 90


def results(rows: Sequence[Row], baseline: str, *, width: int) -> RenderableType:
    """Who is fastest by how much: a table over all rows, and the answer in a few lines."""
    lines = summary.lines_of(rows)
    return Group(
        *_comparison(lines, baseline, width=width),
        *batches(lines),
        *more_threads(lines),
        *trouble(rows),
        *devices(rows),
        headline(lines, baseline),
        *same_code(lines),
    )


def headline(lines: Sequence[summary.Line], baseline: str) -> Text:
    """The geometric means against the baseline, and who wins how often."""
    text = Text()
    for each in summary.overall(lines, baseline):
        text.append(f"{MODE_WORDS[each.mode].capitalize():<10} ")
        text.append(f"{each.backend} {ratio(each.speedup)} {baseline} ", style="bold")
        text.append(
            f"(mean of {each.rows} row{'s' if each.rows > 1 else ''}; "
            f"{ratio(each.worst[0].value)} to {ratio(each.best[0].value)})\n"
        )
    wins = summary.wins(lines)
    if wins:
        total = sum(wins.values())
        text.append("Fastest    ")
        text.append(", ".join(f"{name} in {n}" for name, n in wins.items()), style="bold")
        text.append(f" of {total} lines\n")
    text.append(
        f"speedup = time of {baseline} / time: above 1 is faster; means are geometric. Times are "
        "medians of one call; ahead = second fastest / fastest; seq/s and steps/s are of the "
        "fastest; ± is half the 95 % interval of the median, the widest of the line.",
        style="dim",
    )
    return text


def more_threads(lines: Sequence[summary.Line]) -> Iterator[Text]:
    """What more threads gain each backend."""
    for each in scalings(summary.on_gpu(lines, False)):
        rows = f"{len(each.gains)} row{'s' if len(each.gains) > 1 else ''}"
        yield Text(
            f"{_threads(each.threads)}: {each.backend} {ratio(each.geometric_mean)} its one thread "
            f"({MODE_WORDS[each.mode]}; mean of {rows}; "
            f"{ratio(each.lowest.value)} to {ratio(each.highest.value)})"
        )


def batches(lines: Sequence[summary.Line]) -> Iterator[Text]:
    """Of each workload over several batch sizes the least latency and the most throughput."""
    for each in batchings(lines):
        title = f"{group_title(summary.Group(each.lines))} · T {each.lines[0].workload.seq_len}"
        parts = []
        if (row := each.quickest) is not None and row.time_s is not None:
            parts.append(f"one sequence in {duration(row.time_s.median)} ({row.backend})")
        if (row := each.most) is not None:
            parts.append(
                f"at most {rate(throughput(row))} seq/s at batch {row.batch_size} ({row.backend})"
            )
        yield Text(f"{title}: {', '.join(parts)}")


def _comparison(
    lines: Sequence[summary.Line], baseline: str, *, width: int
) -> Iterator[RenderableType]:
    """The heads of the columns, then each group under its title.

    A column for each backend that is there; where those do not fit, the first two of each line.
    """
    rows = [row for line in lines for row in line.rows.values()]
    there = summary.backends_of(row for row in rows if row.status != "unavailable")
    backends = there or summary.backends_of(rows)
    wide = width >= WIDE
    sizes = [
        str(size) for line in lines for size in (line.workload.seq_len, line.workload.batch_size)
    ]
    columns = _columns(backends, baseline, max(map(len, sizes), default=0), wide=wide)
    fits = sum(each + 1 for _, each in columns) <= width
    if not fits:
        columns = _columns_of_leaders(backends, max(map(len, sizes), default=0), wide=wide)
    yield _table(columns, heads=True)
    for group in summary.groups_of(lines):
        yield Text(group_title(group), style="cyan")
        table = _table(columns, heads=False)
        for line in group.lines:
            if fits:
                table.add_row(*_line_cells(line, backends, baseline, wide=wide))
            else:
                table.add_row(*_leader_cells(line, baseline, wide=wide))
        yield table


Columns = list[tuple[str, int]]


def _columns(backends: Sequence[str], baseline: str, digits: int, *, wide: bool) -> Columns:
    """The head and the width of each column."""
    found = [("steps", digits), ("batch", digits)]
    for name in backends:
        found += [(name, 7), ("speedup", 7)] if name != baseline else [(name, 7)]
    found += [("ahead", 5), ("seq/s", 6)]
    if wide:
        found.append(("steps/s", 7))
    found.append(("±", 7))
    return [(head, max(width, len(head))) for head, width in found]


def _columns_of_leaders(backends: Sequence[str], digits: int, *, wide: bool) -> Columns:
    name = max(map(len, backends), default=0)
    found = [("steps", digits), ("batch", digits), ("fastest", name), ("time", 7), ("speedup", 7)]
    found += [("second", name), ("ahead", 5)]
    if wide:
        found.append(("seq/s", 6))
    found.append(("±", 7))
    return [(head, max(width, len(head))) for head, width in found]


def _table(columns: Columns, *, heads: bool) -> Table:
    """A table of fixed columns, so that the groups stand exactly below each other."""
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=heads, header_style="bold")
    for head, width in columns:
        table.add_column(Text(head), justify="right", no_wrap=True, width=width)
    return table


def group_title(group: summary.Group) -> str:
    """``lstm · inference · I 128 · H 128 · float32 · 2 threads``, saying only what is unusual."""
    w = group.workload
    parts = [w.cell_name, MODE_WORDS[w.mode], f"I {w.input_size} · H {w.hidden_size}"]
    if w.num_layers > 1:
        parts.append(f"{w.num_layers} layers")
    if not w.bias:
        parts.append("no bias")
    parts += w.remarks
    parts += [w.dtype, _threads(group.threads)]
    return " · ".join(parts)


def _line_cells(
    line: summary.Line, backends: Sequence[str], baseline: str, *, wide: bool
) -> list[RenderableType]:
    cells: list[RenderableType] = [str(line.workload.seq_len), str(line.workload.batch_size)]
    for name in backends:
        row = line.rows.get(name)
        style = "bold green" if name == line.fastest else ""
        if row is None:
            cells.append("")
        elif row.time_s is None:
            cells.append(Text(STATUS_WORDS[row.status], style=STATUS_STYLES.get(row.status, "red")))
        else:
            cells.append(Text(duration(row.time_s.median), style=style))
        if name != baseline:
            speedup = line.speedup(name, baseline)
            cells.append(Text(ratio(speedup.value) if speedup else "", style=style))
    best = line.rows[line.fastest] if line.fastest else None
    cells.append(ratio(line.lead.margin.value) if line.lead else "")
    cells.append(rate(best.sequences_per_s) if best and best.sequences_per_s else "")
    if wide:
        cells.append(rate(best.timesteps_per_s) if best and best.timesteps_per_s else "")
    cells.append(_widest(line))
    return cells


def _leader_cells(line: summary.Line, baseline: str, *, wide: bool) -> list[RenderableType]:
    cells: list[RenderableType] = [str(line.workload.seq_len), str(line.workload.batch_size)]
    first, second, *_ = [*sorted(line.timed(), key=line.timed().__getitem__), None, None]
    if first is None:
        return cells
    best = line.rows[first]
    assert best.time_s is not None
    speedup = line.speedup(first, baseline)
    cells += [
        Text(first, style="bold green"),
        Text(duration(best.time_s.median), style="bold green"),
        Text(ratio(speedup.value) if speedup else "", style="bold green"),
        second or "",
        ratio(line.lead.margin.value) if line.lead else "",
    ]
    if wide:
        cells.append(rate(best.sequences_per_s) if best.sequences_per_s else "")
    cells.append(_widest(line))
    return cells


def _widest(line: summary.Line) -> Text:
    """The widest spread of a line; one that leaves nothing to compare stands out."""
    widest = max((row.time_s.spread for row in line.rows.values() if row.time_s), default=None)
    if widest is None:
        return Text("")
    text = percent(widest) if widest < 1 else "> 100 %"
    return Text(text, style="yellow" if widest > 0.1 else "")


def trouble(rows: Sequence[Row]) -> Iterator[Text]:
    """Each reason why rows have no time, or a doubtful one, with how many it holds for."""
    for (backend, status, reason), of in summary.without_time(rows).items():
        which = f"{len(of)} rows" if len(of) > 1 else of[0].id
        yield Text(f"{backend}: {status} ({which}): {reason}", style="yellow")
    disturbed = summary.disturbed(rows)
    if disturbed:
        most = max(row.other_load or 0.0 for row in disturbed)
        yield Text(
            f"{len(disturbed)} of {len(rows)} rows were timed while other processes were busy "
            f"(on up to {most:.1f} processors): their times are doubtful",
            style="yellow",
        )
    for (backend, precision), of in arithmetic.others(rows).items():
        yield Text(
            f"{len(of)} of {len(rows)} rows were not computed in the precision that their ids "
            f"name: {backend} computed in {precision}",
            style="yellow",
        )
    held = summary.held_back(rows)
    if held:
        reasons = dict.fromkeys(reason for row in held if row.gpu for reason in row.gpu.held_back)
        yield Text(
            f"{len(held)} of {len(rows)} rows were timed while the clock of the GPU was held back "
            f"({', '.join(reasons)}): their times are doubtful",
            style="yellow",
        )


def same_code(lines: Sequence[summary.Line]) -> Iterator[Text]:
    """What backends under two names show of the noise; nothing where there is none."""
    for sentence in twins.sentences(twins.twins_of(lines)):
        yield Text(f"A/A  {sentence}")


def devices(rows: Sequence[Row]) -> Iterator[Text]:
    """A line for each GPU, and what a time on it is."""
    for name in dict.fromkeys(row.gpu.name for row in rows if row.gpu):
        yield Text(
            f"{name}: times are by the wall clock, until the device is done; its own, copies, "
            "clocks and algorithms are in the report"
        )


def _threads(count: int) -> str:
    return f"{count} thread{'s' if count > 1 else ''}"


def finished_line(row: Row, baseline: Row | None) -> str:
    """One finished row in one plain line: backend×threads, what it did, and how fast."""
    name = " ".join((row.id, *row.workload.remarks))
    head = f"{f'{row.backend}×{row.threads}':<11} {name}"
    if row.time_s is None:
        return f"{head}  {row.status}: {row.reason}"
    text = f"{head}  {duration(row.time_s.median)} ± {percent(row.time_s.spread)}"
    if baseline is not None and baseline.time_s is not None and baseline is not row:
        faster = baseline.time_s.median / row.time_s.median
        text += f"  {ratio(faster)} {baseline.backend}"
    if row.sequences_per_s:
        text += f"  {rate(row.sequences_per_s)} sequences/s"
    if row.gpu and row.gpu.time_s:
        text += f"  device {duration(row.gpu.time_s.median)}"
    return text


def show(result: Result, console: Console) -> None:
    """Print the table of a result file."""
    console.print(results(result.rows, result.baseline, width=console.width))


if __name__ == "__main__":
    show(read(Path(sys.argv[1])), Console())
