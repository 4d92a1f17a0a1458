"""Result files as a Markdown page; the same bytes for the same files.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from . import (
    arithmetic,
    batching_section,
    breakeven_section,
    energy_section,
    gpu_section,
    latency_section,
    padding_section,
    peers,
    scaling_section,
    summary,
    twins_section,
    usage_section,
)
from .errors import UsageError
from .fields import median, of_the_bound, row_name
from .markdown import escape, fold, table
from .records import OWN, Result, Row
from .result import read, write_atomically
from .summary import Group, Line, Overall
from .tables import MODE_WORDS, group_title
from .units import duration, percent, rate, ratio, size

_BLOCK = re.compile(
    r"(?P<begin><!-- lstmbench:begin (?P<file>\S+) -->\n).*?(?P<end><!-- lstmbench:end -->)", re.S
)


def report(results: Sequence[Result]) -> str:
    """The whole page: of each file the answer, grids, every row, the peers, machine and method."""
    parts = ["# Recurrent networks: training speedup and inference throughput"]
    for result in results:
        parts += _of_file(result)
    return "\n\n".join(parts) + "\n"


def block(result: Result, source: str) -> str:
    """A short form for a README: the answer, the grids, and where they are from."""
    lines = summary.lines_of(result.rows)
    machine = "; ".join(
        [escape(result.environment.machine.cpu_model), *gpu_section.names(result.rows)]
    )
    parts = [
        _headline(lines, result.baseline),
        *_grids(lines, result.baseline),
        f"{machine}, {_threads(result.rows)}; {_versions(result)}. "
        f"{_definition(result.baseline)} All of it: [{escape(source)}]({source}).",
    ]
    return "\n\n".join(parts) + "\n"


def update(path: Path, *, check: bool) -> bool:
    """Write each marked block of a Markdown file anew from the result file that it names.

    Returns whether the file was current.  With ``check`` nothing is written.  Raises ``UsageError``
    where there is no block, and ``ResultFormatError`` where a named file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not a text file in UTF-8") from error
    if not _BLOCK.search(text):
        raise UsageError(
            f"{path}: expected a line <!-- lstmbench:begin FILE --> and <!-- lstmbench:end -->"
        )

    def fresh(match: re.Match[str]) -> str:
        result = read(path.parent / match["file"])
        return match["begin"] + block(result, match["file"]) + match["end"]

    new = _BLOCK.sub(fresh, text)
    if new != text and not check:
        write_atomically(path, new)
    return new == text


def _of_file(result: Result) -> Iterator[str]:
    lines = summary.lines_of(result.rows)
    machine = result.environment.machine
    yield f"## {escape(machine.cpu_model)}, {escape(result.created[:10])}"
    yield _headline(lines, result.baseline)
    yield _definition(result.baseline)
    yield from breakeven_section.section(result)
    yield from _trouble(result.rows)
    yield from _grids(lines, result.baseline)
    yield _every_row(lines, result.baseline)
    yield from peers.section(summary.on_gpu(lines, False))
    yield from peers.section(summary.on_gpu(lines, True), ", on the GPU")
    yield from batching_section.section(lines)
    yield from latency_section.section(result.rows)
    yield from padding_section.section(lines)
    yield from scaling_section.section(summary.on_gpu(lines, False))
    yield from twins_section.section(lines)
    yield from gpu_section.section(result.rows)
    yield from usage_section.section(result.rows)
    yield _machine(result)
    yield _method(result)


def _headline(lines: Sequence[Line], baseline: str) -> str:
    """One sentence a mode and backend, and who wins."""
    sentences = [_sentence(each, baseline) for each in summary.overall(lines, baseline)]
    wins = summary.wins(lines)
    if wins:
        total = sum(wins.values())
        score = ", ".join(f"{escape(name)} in {count}" for name, count in wins.items())
        sentences.append(f"- Fastest: {score} of {total} workloads.")
    return "\n".join(sentences) if sentences else "No row has a time on two backends."


def _sentence(each: Overall, baseline: str) -> str:
    what = {"train": "Training speedup", "infer": "Inference throughput"}.get(
        each.mode, MODE_WORDS[each.mode].capitalize()
    )
    text = (
        f"- {what}: **{escape(each.backend)} {ratio(each.speedup)} {escape(baseline)}** "
        f"(geometric mean of {each.rows} row{'s' if each.rows > 1 else ''}; "
        f"{_extreme(each.worst)} to {_extreme(each.best)})"
    )
    top = each.most_steps
    if each.mode == "infer" and top.timesteps_per_s and top.sequences_per_s:
        text += (
            f"; at best {rate(top.timesteps_per_s)} time-steps/s "
            f"({rate(top.sequences_per_s)} sequences/s)"
        )
    return text + "."


def _extreme(at: tuple[summary.Speedup, Line]) -> str:
    speedup, line = at
    w = line.workload
    return (
        f"{ratio(speedup.value)} at {escape(w.cell_name)} "
        f"T {w.seq_len}, B {w.batch_size}, H {w.hidden_size}"
    )


def _definition(baseline: str) -> str:
    return (
        f"Speedup = time of {escape(baseline)} / time: above 1 is faster. "
        "Times are medians of one call. A field of a grid is the fastest backend, its speedup and "
        "its sequences a second."
    )


def _grids(lines: Sequence[Line], baseline: str) -> Iterator[str]:
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


def _every_row(lines: Sequence[Line], baseline: str) -> str:
    head = ["row", "threads", "backend", "median", "95 % interval", "samples", "speedup"]
    head += [
        "sequences/s",
        "time-steps/s",
        "compile",
        "of the bound",
        "peak memory",
    ]
    with_energy = energy_section.is_known([row for line in lines for row in line.rows.values()])
    head += [energy_section.HEAD] * with_energy + ["error / allowed"]
    body = []
    for line in lines:
        for name, row in line.rows.items():
            if row.time_s is None:
                continue
            low, high = row.time_s.ci95
            speedup = line.speedup(name, baseline)
            body.append(
                [
                    row_name(row),
                    str(row.threads),
                    escape(name),
                    median(row),
                    f"{duration(low)} to {duration(high)} (± {percent(row.time_s.spread)})",
                    f"{row.time_s.samples} × {row.loops or 1}, {row.stop or 'unknown'}",
                    f"{ratio(speedup.value)} ({ratio(speedup.low)} to {ratio(speedup.high)})"
                    if speedup and name != baseline
                    else "",
                    rate(row.sequences_per_s) if row.sequences_per_s else "",
                    rate(row.timesteps_per_s) if row.timesteps_per_s else "",
                    duration(row.compile_s) if row.compile_s else "",
                    of_the_bound(row),
                    size(row.peak_memory_bytes) if row.peak_memory_bytes else "",
                    *([energy_section.field(row)] if with_energy else []),
                    _error(row),
                ]
            )
    return fold(f"Every row ({len(body)})", table(head, body, left=(0, 2)))


def _error(row: Row) -> str:
    if row.error is None:
        return ""
    worst = max(row.error.output, row.error.gradient or 0.0)
    return f"{worst:.1e} / {row.error.tolerance:.1e}"


def _trouble(rows: Sequence[Row]) -> Iterator[str]:
    """Rows without a time, each reason once, and rows with a doubtful one."""
    disturbed = summary.disturbed(rows)
    if disturbed:
        most = max(row.other_load or 0.0 for row in disturbed)
        yield (
            f"**{len(disturbed)} of {len(rows)} rows were timed while other processes were busy** "
            f"(on up to {most:.1f} processors); they are marked ⚠ below."
        )
    for (backend, precision), of in arithmetic.others(rows).items():
        yield (
            f"**{len(of)} of {len(rows)} rows were not computed in the precision that their ids "
            f"name**, the first {row_name(of[0])}: {escape(backend)} computed in "
            f"{escape(precision)}."
        )
    body = [
        [escape(backend), status, str(len(of)), row_name(of[0]), escape(reason)]
        for (backend, status, reason), of in summary.without_time(rows).items()
    ]
    if body:
        yield "**Rows without a time**\n\n" + table(
            ["backend", "status", "rows", "the first", "reason"], body, left=(0, 1, 3, 4)
        )


def _machine(result: Result) -> str:
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
        _versions(result),
        f"fingerprint {escape(result.fingerprint)}",
    ]
    items += [f"warning: {escape(warning)}" for warning in result.environment.warnings]
    return "### Machine\n\n" + "\n".join(f"- {item}" for item in items)


def _or_unknown(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"


def _versions(result: Result) -> str:
    return ", ".join(f"{escape(n)} {escape(v)}" for n, v in result.environment.software.items())


def _threads(rows: Iterable[Row]) -> str:
    counts = sorted({row.threads for row in rows})
    return f"{', '.join(map(str, counts))} thread{'s' if counts != [1] else ''}"


def _method(result: Result) -> str:
    items = [f"Made by <code>{escape(result.command)}</code> at {escape(result.created)}."]
    items += _own_method(result) if result.measured_by == OWN else _their_method(result)
    items += [
        f"A timed call of {escape(name)}: {escape(what)}."
        for name, what in result.timed_calls.items()
    ]
    items += [
        f"{escape(name)} computed in {escape('; '.join(texts))}."
        for name, texts in arithmetic.by_backend(result.rows).items()
    ]
    items += energy_section.items(result.rows)
    return "### Method\n\n" + "\n".join(f"- {item}" for item in items)


def _dtypes(result: Result) -> str:
    return escape(", ".join(sorted({row.dtype for row in result.rows})))


def _their_method(result: Result) -> list[str]:
    """What holds of rows that another tool measured: little."""
    return [
        f"Measured by {escape(result.measured_by)}: what `lstmbench run` does to verify rows, to "
        "keep processes, threads and compilation apart and to sample until it is precise was not "
        "done here, or is not known.",
        "Intervals are distribution-free (order statistics); those of a speedup are the extremes "
        "that both intervals allow.",
        f"Precision {_dtypes(result)}, {_threads(result.rows)}.",
    ]


def _own_method(result: Result) -> list[str]:
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
        f"Precision {_dtypes(result)}, {_threads(result.rows)}. Input N(0, 1) from a fixed seed "
        "(or the named data), weights U(±1/√H); arrays are in cache as the calls before left them.",
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
