"""Prove cells right: from the options of a person to the workloads to verify."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import Exit, UsageError, unknown
from .options import AsJson, Backends, Quietly, Threads, counts, names

if TYPE_CHECKING:
    from ..workload import Workload


def verify(
    backend: Backends = None,
    cell: Annotated[str | None, typer.Option(help="Cells, without -bi: both are run.")] = None,
    suite: Annotated[
        str | None, typer.Option("--suite", "-s", help="The rows of a suite instead of the matrix.")
    ] = None,
    random: Annotated[
        int | None, typer.Option(help="So many random shapes instead of the matrix.")
    ] = None,
    seed: Annotated[int, typer.Option(help="What decides the random shapes.")] = 0,
    dtype: Annotated[
        str | None, typer.Option(help="Precisions; default: those that the backends have.")
    ] = None,
    threads: Threads = None,
    as_json: AsJson = False,
    quiet: Quietly = False,
) -> Exit:
    """Prove every cell right: outputs and every gradient against the float64 oracle.

    Cells × directions × layers × bias × precision × shapes, small, odd and large.
    """
    from lstmbench_kernels.spec import CELLS

    from ..backends.registry import entry, is_simulated, missing
    from ..machine.environment import usable_cpus
    from ..planning.plan import thread_counts
    from ..planning.suite import MAX_ROWS, load_suite
    from ..running import session, verification
    from ..workload import DTYPES

    cells = names(cell) or list(CELLS)
    for name in cells:
        if name not in CELLS:
            raise UsageError(unknown("cell", name, CELLS))
    chosen = names(backend)
    installed = [name for name in ("numba-cpu", "torch-cpu") if missing(name) is None]
    backends = chosen or installed
    had = {each for name in backends for each in entry(name).dtypes}
    dtypes = names(dtype) or [each for each in DTYPES if each in had]
    if random is not None and not 1 <= random <= MAX_ROWS:
        raise UsageError(f"--random: expected 1 to {MAX_ROWS}, got {random}")
    simulated = any(is_simulated(name) for name in backends)
    shapes = verification.SIMULATED_SHAPES if simulated else verification.SHAPES
    workloads: Iterable[Workload] = verification.matrix(cells, shapes, dtypes)
    if suite is not None:
        workloads = [w for rows in load_suite(suite).rows for w in rows.workloads()]
        workloads = [w for w in workloads if w.cell in cells and (not dtype or w.dtype in dtypes)]
    elif random is not None:
        largest = verification.SIMULATED_LARGEST if simulated else verification.LARGEST
        workloads = verification.random_workloads(random, seed, cells, dtypes, largest)
    plan = verification.make_plan(
        backends,
        workloads,
        required=chosen is not None,
        threads=thread_counts(counts(threads), len(usable_cpus())),
    )
    return session.verify(plan, session.Show.of(as_json=as_json, quiet=quiet))
