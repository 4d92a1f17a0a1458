"""Result files as a Markdown page; the same bytes for the same files.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator, Sequence

from .. import summary
from ..markdown import escape
from ..records import Result
from . import batching, breakeven, gpu, latency, padding, peers, scaling, twins, usage
from .answer import definition, headline
from .grids import grids
from .method import machine, method
from .rows import every_row
from .trouble import trouble


def markdown(results: Sequence[Result]) -> str:
    """The whole page: of each file the answer, grids, every row, the peers, machine and method."""
    parts = ["# Recurrent networks: training speedup and inference throughput"]
    for result in results:
        parts += _of_file(result)
    return "\n\n".join(parts) + "\n"


def _of_file(result: Result) -> Iterator[str]:
    lines = summary.lines_of(result.rows)
    yield f"## {escape(result.environment.machine.cpu_model)}, {escape(result.created[:10])}"
    yield headline(lines, result.baseline)
    yield definition(result.baseline)
    yield from breakeven.section(result)
    yield from trouble(result.rows)
    yield from grids(lines, result.baseline)
    yield every_row(lines, result.baseline)
    yield from peers.section(summary.on_gpu(lines, False))
    yield from peers.section(summary.on_gpu(lines, True), ", on the GPU")
    yield from batching.section(lines)
    yield from latency.section(result.rows)
    yield from padding.section(lines)
    yield from scaling.section(summary.on_gpu(lines, False))
    yield from twins.section(lines)
    yield from gpu.section(result.rows)
    yield from usage.section(result.rows)
    yield machine(result)
    yield method(result)
