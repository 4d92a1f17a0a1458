"""The fastest backend over sequence length × batch size, shaded by how far it is ahead.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator, Sequence

from ..analysis import summary
from ..analysis.shading import legend, shade
from ..analysis.summary import Group, Line
from ..analysis.tables import group_title
from ..markdown import escape, fold, table
from ..units import rate, ratio

# Grids that are open, and that are there at all; the rest is told by every row.
OPEN, MOST = 4, 40


def grids(lines: Sequence[Line], baseline: str) -> Iterator[str]:
    """Sequence length × batch size for each cell and mode; single shapes share one table."""
    groups = [
        group for group in summary.groups_of(lines) if any(each.ranking for each in group.lines)
    ]
    several = [group for group in groups if len(group.lines) > 1]
    single = [group.lines[0] for group in groups if len(group.lines) == 1]
    if not groups:
        return
    yield (
        "A field is the fastest backend, how far it is ahead of the next, and its sequences a "
        f"second: {legend()}."
    )
    shown = [_titled(group) for group in several[:MOST]]
    yield from shown[:OPEN]
    if shown[OPEN:]:
        yield fold(f"The same for {len(shown) - OPEN} more", "\n\n".join(shown[OPEN:]))
    if single:
        text = _shapes(single[:MOST], baseline)
        yield fold(f"Single shapes ({len(single)})", text) if len(single) > 12 else text
    missing = len(several[MOST:]), len(single[MOST:])
    if any(missing):
        yield f"Not shown here: {missing[0]} grids and {missing[1]} single shapes."


def _titled(group: Group) -> str:
    return f"**{escape(group_title(group))}**\n\n{_grid(group)}"


def _grid(group: Group) -> str:
    steps, batches = group.sizes
    at = {(line.workload.seq_len, line.workload.batch_size): line for line in group.lines}
    head = ["seq-len \\ batch", *(str(batch) for batch in batches)]
    body = [[str(s), *(_field(at.get((s, b))) for b in batches)] for s in steps]
    return table(head, body)


def _field(line: Line | None) -> str:
    """Who is the fastest, how far ahead, and how many sequences a second that is."""
    if line is None or not line.ranking:
        return ""
    first = line.ranking[0]
    text = escape(first.backend)
    if line.lead is not None:
        text = f"{shade(line.lead)} {text} **{ratio(line.lead.margin.value)}**"
    return f"{text}<br>{rate(first.sequences_per_s)}/s" if first.sequences_per_s else text


def _shapes(lines: Sequence[Line], baseline: str) -> str:
    head = ["workload", "steps", "batch", "fastest", "ahead", f"over {escape(baseline)}"]
    body = []
    for line in lines:
        first, w = line.ranking[0], line.workload
        over = line.speedup(first.backend, baseline) if first.backend != baseline else None
        body.append(
            [
                escape(group_title(Group((line,)))),
                str(w.seq_len),
                str(w.batch_size),
                f"{shade(line.lead)} {escape(first.backend)}"
                if line.lead
                else escape(first.backend),
                ratio(line.lead.margin.value) if line.lead else "",
                ratio(over.value) if over else "",
                rate(first.sequences_per_s) if first.sequences_per_s else "",
            ]
        )
    return table([*head, "sequences/s"], body, left=(0, 3))
