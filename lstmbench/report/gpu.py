"""The section of the page for rows on a GPU: the device, its own times, copies, clocks, algorithms.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator, Sequence

from ..machine.gpu import Gpu
from ..markdown import escape, fold, table
from ..precision import PRECISIONS
from ..records import Row
from ..units import duration, size
from .fields import algorithm, clock, device_median, median, row_name, transfer
from .method import Escape


def section(rows: Sequence[Row]) -> Iterator[str]:
    """The whole section; nothing where no row is of a GPU."""
    found = [(row, row.gpu) for row in rows if row.gpu is not None]
    if not found:
        return
    yield "### GPU\n\n" + "\n".join(f"- {item}" for item in _items(found))
    head = ["row", "backend", "wall", "device", "cold", "first call", "to device", "to host"]
    head += ["SM clock", "algorithm"]
    body = [
        [
            row_name(row),
            escape(row.backend),
            median(row),
            device_median(row),
            duration(gpu.cold_s.median) if gpu.cold_s else "",
            duration(gpu.first_call_s) if gpu.first_call_s is not None else "",
            transfer(gpu.to_device),
            transfer(gpu.to_host),
            clock(row),
            algorithm(row),
        ]
        for row, gpu in found
    ]
    yield fold(f"Every row on a GPU ({len(body)})", table(head, body, left=(0, 1, 8, 9)))


def name_of(gpu: Gpu, escape: Escape = escape) -> str:
    """A device in a few words, what is unknown left out."""
    parts = [escape(gpu.name)]
    if gpu.compute_capability:
        parts.append(f"compute capability {escape(gpu.compute_capability)}")
    if gpu.multiprocessors:
        parts.append(f"{gpu.multiprocessors} multiprocessors")
    if gpu.memory_bytes:
        parts.append(f"{size(gpu.memory_bytes)} of memory")
    if gpu.driver:
        parts.append(f"driver {escape(gpu.driver)}")
    return ", ".join(parts)


def names(rows: Sequence[Row], escape: Escape = escape) -> list[str]:
    """Each device of the rows once."""
    return list(dict.fromkeys(name_of(row.gpu, escape) for row in rows if row.gpu))


def _items(found: Sequence[tuple[Row, Gpu]]) -> Iterator[str]:
    yield from names([row for row, _ in found])
    for dtype in dict.fromkeys(row.dtype for row, _ in found):
        yield f"{escape(dtype)}: {PRECISIONS[dtype].about}."
    yield (
        "Times in every other table are by the wall clock, hot: arrays are on the device, and a "
        "call ends when the device is done. Device: between two events around the same call, the "
        "last one of each sample. Cold: by the wall clock, when the caches of the device were just "
        "overwritten. First call: with what is compiled, loaded and planned."
    )
    yield (
        "Copies of the input and the initial states to the device, and of the output and the final "
        "states to pageable memory of the host, are measured apart and in no other time."
    )
    unknown = dict.fromkeys(
        clocks.unknown
        for _, gpu in found
        for clocks in (gpu.before, gpu.after)
        if clocks and clocks.unknown
    )
    yield from (f"Clocks are unknown: {escape(why)}." for why in unknown)
