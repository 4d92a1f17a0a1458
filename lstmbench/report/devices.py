"""GPU against CPU on one machine: who wins where, and from which batch size on.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator, Sequence

from ..analysis.summary import Group, Lead, Line, gpu_over_cpu, groups_of
from ..analysis.tables import MODE_WORDS, group_title
from ..markdown import escape, table
from ..statistics.order import geometric_mean
from ..units import ratio
from .answer import HEADLINES
from .fields import place


def section(lines: Sequence[Line]) -> Iterator[str]:
    """The whole section; nothing where no workload has a time on both."""
    pairs = [(found, line) for line in lines if (found := gpu_over_cpu(line)) is not None]
    if not pairs:
        return
    yield "### GPU against CPU"
    yield (
        "Time of the fastest CPU backend / time of the fastest GPU backend, of arrays that are on "
        "their device already: above 1 the GPU is faster, bold where that is sure."
    )
    yield "\n".join(_sentences(pairs))
    for group in groups_of(line for _, line in pairs):
        if len(group.lines) > 1:
            yield f"**{escape(group_title(group))}**\n\n{_grid(group)}"


def _sentences(pairs: Sequence[tuple[Lead, Line]]) -> Iterator[str]:
    for mode in dict.fromkeys(line.workload.mode for _, line in pairs):
        of = [pair for pair in pairs if pair[1].workload.mode == mode]
        best, worst = (end(of, key=lambda pair: pair[0].margin.value) for end in (max, min))
        what = HEADLINES.get(mode, MODE_WORDS[mode].capitalize())
        mean = geometric_mean(lead.margin.value for lead, _ in of)
        yield (
            f"- {what}: the GPU is typically **{ratio(mean)}** the CPU (geometric mean of "
            f"{len(of)} shape{'s' if len(of) > 1 else ''}; best {_at(best)}; worst {_at(worst)})."
        )


def _at(pair: tuple[Lead, Line]) -> str:
    lead, line = pair
    return f"{ratio(lead.margin.value)} at {place(line.workload)}"


def _grid(group: Group) -> str:
    steps, batches = group.sizes
    at = {(line.workload.seq_len, line.workload.batch_size): line for line in group.lines}
    head = ["seq-len \\ batch", *map(str, batches), "the GPU is surely faster"]
    body = []
    for s in steps:
        row = [gpu_over_cpu(at[s, b]) if (s, b) in at else None for b in batches]
        body.append([str(s), *map(_field, row), _since(batches, row)])
    return table(head, body)


def _field(found: Lead | None) -> str:
    if found is None:
        return ""
    text = ratio(found.margin.value)
    return f"**{text}**" if found.is_sure else text


def _since(batches: Sequence[int], row: Sequence[Lead | None]) -> str:
    """From which batch size on the GPU is surely faster at every size that was measured."""
    since = None
    for batch, found in zip(reversed(batches), reversed(row), strict=True):
        if found is None:
            continue
        if not found.is_sure:
            break
        since = batch
    return "nowhere" if since is None else f"from batch {since} on"
