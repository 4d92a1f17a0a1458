"""On what machine, with which versions, and how it was measured.

Everything that comes out of a file is escaped, as the page escapes: it may be a stranger's.
"""

from collections.abc import Callable, Iterable, Iterator

from ..analysis import arithmetic, summary
from ..machine.environment import Environment
from ..markdown import escape as in_markdown
from ..records import OWN, Result, Row
from ..units import duration, percent, size
from . import energy

Escape = Callable[[str], str]


def machine(result: Result) -> str:
    """The section of the Markdown page."""
    return "### Machine\n\n" + "\n".join(f"- {item}" for item in machine_items(result))


def machine_items(result: Result, escape: Escape = in_markdown) -> list[str]:
    machine = result.environment.machine
    caches = ", ".join(f"{escape(level)} {size(n)}" for level, n in machine.caches.items())
    items = [
        f"{escape(machine.cpu_model)}, {escape(machine.architecture)}, "
        f"{escape(machine.system)}; {machine.physical_cores} physical cores, "
        f"{machine.usable_cores} usable; {machine.memory_gib} GiB of memory",
        f"caches of a core: {caches or 'unknown'}; SIMD: "
        f"{escape(', '.join(machine.simd)) or 'unknown'}",
        f"load at the start: {_or_unknown(result.environment.load_average)}; "
        f"CPU governor: {escape(result.environment.governor or 'not exposed')}",
        versions(result.environment, escape),
        f"fingerprint {escape(result.fingerprint)}",
    ]
    return items + [f"warning: {escape(warning)}" for warning in result.environment.warnings]


def _or_unknown(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"


def versions(environment: Environment, escape: Escape = in_markdown) -> str:
    return ", ".join(f"{escape(n)} {escape(v)}" for n, v in environment.software.items())


def made(command: str, created: str, environment: Environment) -> str:
    """By which command, when and on what."""
    return (
        f"Made by <code>{in_markdown(command)}</code> at {in_markdown(created)} on "
        f"{in_markdown(environment.machine.cpu_model)}; {versions(environment)}."
    )


def warnings(environment: Environment) -> Iterator[str]:
    """What about the machine made times doubtful, each in a paragraph of its own."""
    yield from (f"> {in_markdown(warning)}" for warning in environment.warnings)


def threads(rows: Iterable[Row]) -> str:
    counts = sorted({row.threads for row in rows})
    return f"{', '.join(map(str, counts))} thread{'s' if counts != [1] else ''}"


def method(result: Result) -> str:
    """The section of the Markdown page."""
    command = in_markdown(result.command)
    items = [f"Made by <code>{command}</code> at {in_markdown(result.created)}."]
    items += method_items(result)
    return "### Method\n\n" + "\n".join(f"- {item}" for item in items)


def method_items(result: Result, escape: Escape = in_markdown) -> list[str]:
    """How it was measured, but for the command that makes it again."""
    is_own = result.measured_by == OWN
    items = (_own_method if is_own else _their_method)(result, escape)
    items += [
        f"A timed call of {escape(name)}: {escape(what)}."
        for name, what in result.timed_calls.items()
    ]
    items += [
        f"{escape(name)} computed in {escape('; '.join(texts))}."
        for name, texts in arithmetic.by_backend(result.rows).items()
    ]
    return [*items, *energy.items(result.rows, escape)]


def _dtypes(result: Result, escape: Escape) -> str:
    return escape(", ".join(sorted({row.dtype for row in result.rows})))


def _their_method(result: Result, escape: Escape) -> list[str]:
    """What holds of rows that another tool measured: little."""
    return [
        f"Measured by {escape(result.measured_by)}: what `lstmbench run` does to verify rows, to "
        "keep processes, threads and compilation apart and to sample until it is precise was not "
        "done here, or is not known.",
        "Intervals are distribution-free (order statistics); those of a speedup are the extremes "
        "that both intervals allow.",
        f"Precision {_dtypes(result, escape)}, {threads(result.rows)}.",
    ]


def _own_method(result: Result, escape: Escape) -> list[str]:
    settings = result.settings
    return [
        "Every row was verified before and after it was timed, in the same process: outputs and "
        "every gradient against a float64 reference. A wrong row has no time.",
        f"{_processes(settings.rounds)} for each backend and number of threads, threads and "
        "affinity set before anything loads; the backends take turns row by row, and at being "
        "first round by round, so that drift meets all alike.",
        f"Samples: warm-up until steady, then until half the 95 % interval of the median is below "
        f"{percent(settings.precision)} of it (precise) or for {duration(settings.budget_s)} "
        "(budget). Intervals are distribution-free (order statistics); "
        f"{_speedups(settings.rounds)}",
        f"Precision {_dtypes(result, escape)}, {threads(result.rows)}. Input N(0, 1) from a fixed "
        "seed (or the named data), weights U(±1/√H); arrays are in cache as the calls before left "
        "them.",
        "Of the bound: the least time that the roofline of this machine allows (arithmetic, caches "
        "or memory, the better of a measurement at the start and one at the end) / the median.",
        "Other processes are watched while a row is timed: ⚠ marks what they may have disturbed.",
        "Compilation is never in a sample (counted, and proved not to be); peak memory is that of "
        "the whole worker process.  What is done once, by whoever is first (the cache on disk of "
        "compiled kernels, the reference of a row), is done before a row is timed.",
    ]


def _speedups(rounds: int) -> str:
    if rounds < summary.ROUNDS:
        return "those of a speedup are the extremes that both intervals allow."
    return (
        "a speedup is the Hodges–Lehmann estimate of the ratios of all rounds, with its exact 95 % "
        "interval (signed ranks), and not the ratio of the two medians."
    )


def _processes(rounds: int) -> str:
    if rounds == 1:
        return "One fresh process"
    return (
        f"{rounds} fresh processes, whose medians' median is the time and whose intervals the "
        "interval reaches over,"
    )
