"""Groups, rows and troubles in words, as a terminal shows them."""

from collections.abc import Iterator, Sequence

from rich.text import Text

from ..records import Row
from ..units import duration, percent, rate, ratio
from . import summary
from .doubts import doubts

MODE_WORDS = {
    "train": "training",
    "infer": "inference",
    "forward": "training forward",
    "backward": "backward",
}
# In the seven characters of a field.
STATUS_WORDS = {
    "incorrect": "wrong",
    "unavailable": "n/a",
    "failed": "failed",
    "timeout": "timeout",
    "oom": "memory",
    "skipped": "skipped",
}


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


def trouble(rows: Sequence[Row]) -> Iterator[Text]:
    """Why rows have a doubtful time, or none: each reason with how many it holds for."""
    for doubt in doubts(rows):
        yield Text(str(doubt), style="yellow")
    for (backend, status, reason), of in summary.without_time(rows).items():
        which = f"{len(of)} rows" if len(of) > 1 else of[0].id
        why = reason.removeprefix(f"{backend}: ")
        yield Text(f"{backend}: {status} ({which}): {why}", style="yellow")


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
