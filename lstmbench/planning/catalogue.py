"""What is in a suite, in a few facts."""

from collections.abc import Iterable, Iterator
from typing import Any

from ..units import rate
from ..workload import Workload, flops
from .suite import Suite

AXES = {
    "T": "seq_len",
    "B": "batch_size",
    "I": "input_size",
    "H": "hidden_size",
    "L": "num_layers",
}


def facts(suite: Suite) -> dict[str, Any]:
    """Everything about a suite, for machines: what it declares, and what that comes to."""
    workloads = _workloads(suite)
    return {
        **suite.model_dump(exclude={"rows"}),
        "workloads": len(workloads),
        "flops": sum(map(flops, workloads)),
        "cells": _each(w.cell_name for w in workloads),
        "modes": _each(w.mode for w in workloads),
        "dtypes": _each(w.dtype for w in workloads),
        "remarks": _each(remark for w in workloads for remark in _remarks(w)),
        **{
            name: [min(sizes), max(sizes)]
            for name in AXES.values()
            for sizes in [[getattr(w, name) for w in workloads]]
        },
        "sources": _each(rows.source for rows in suite.rows if rows.source),
        "rows": [rows.model_dump() for rows in suite.rows],
    }


def description(suite: Suite) -> Iterator[str]:
    """The same for a person, a line each."""
    known = facts(suite)
    sizes = [f"{letter} {_span(*known[name])}" for letter, name in AXES.items()]
    backends = [f"{name} (baseline)" if name == suite.baseline else name for name in suite.backends]
    yield suite.description
    yield (
        f"{known['workloads']} workloads; one call of each is {rate(known['flops'], 'FLOP')} "
        f"of matrix products"
    )
    kinds = [", ".join(known[kind]) for kind in ("cells", "modes", "dtypes")]
    if known["remarks"]:
        kinds.append(f"some with {', '.join(known['remarks'])}")
    yield "; ".join(kinds)
    yield ", ".join(sizes)
    threads = ", ".join(map(str, suite.threads or ["all"]))
    yield f"backends: {', '.join(backends)}; threads: {threads}"
    yield from (f"from: {source}" for source in known["sources"])


def _workloads(suite: Suite) -> list[Workload]:
    return list(dict.fromkeys(w for rows in suite.rows for w in rows.workloads()))


def _remarks(workload: Workload) -> list[str]:
    """What is unusual about a workload."""
    return [*workload.remarks, *([] if workload.bias else ["no bias"])]


def _each(names: Iterable[str]) -> list[str]:
    """Each once, in the order in which they first occur."""
    return list(dict.fromkeys(names))


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"
