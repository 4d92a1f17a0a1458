"""The fastest backend over sequence length × batch size.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator, Sequence

from .. import summary
from ..markdown import escape, table
from ..summary import Group, Line
from ..tables import group_title
from ..units import rate, ratio


def grids(lines: Sequence[Line], baseline: str) -> Iterator[str]:
    """Sequence length × batch size for each cell and mode; single rows share one table."""
    groups = summary.groups_of(lines)
    for group in groups:
        if len(group.lines) > 1:
            yield f"**{escape(group_title(group))}**\n\n{_grid(group, baseline)}"
    single = [group for group in groups if len(group.lines) == 1]
    if single:
        head = ["workload", "steps", "batch", "fastest", "speedup", "sequences/s"]
        body = []
        for group in single:
            line = group.lines[0]
            w = line.workload
            body.append([escape(group_title(group)), str(w.seq_len), str(w.batch_size)])
            body[-1] += _winner(line, baseline)
        yield table(head, body, left=(0, 3))


def _winner(line: Line, baseline: str) -> list[str]:
    """The fastest backend of a line, its speedup and its sequences a second."""
    if line.fastest is None:
        return ["none", "", ""]
    speedup = line.speedup(line.fastest, baseline)
    sequences = line.rows[line.fastest].sequences_per_s
    return [
        escape(line.fastest),
        ratio(speedup.value) if speedup else "",
        rate(sequences) if sequences else "",
    ]


def _grid(group: Group, baseline: str) -> str:
    """Who is fastest, by how much over the baseline, and how many sequences a second that is."""
    steps = sorted({line.workload.seq_len for line in group.lines})
    batches = sorted({line.workload.batch_size for line in group.lines})
    at = {(line.workload.seq_len, line.workload.batch_size): line for line in group.lines}

    def cell(seq_len: int, batch_size: int) -> str:
        line = at.get((seq_len, batch_size))
        if line is None:
            return ""
        name, speedup, sequences = _winner(line, baseline)
        faster = f" **{speedup}**" if speedup else ""
        return f"{name}{faster}<br>{sequences}/s" if sequences else name

    head = ["seq-len \\ batch", *(str(batch) for batch in batches)]
    return table(head, [[str(s), *(cell(s, b) for b in batches)] for s in steps])
