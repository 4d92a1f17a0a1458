"""What a report says, as plain data: answers, leads and rows of result files, ready for JSON.

Text of a file is as the file has it: who shows it escapes it.  Samples stay in the result files.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from ..analysis import summary
from ..analysis.choice import Choice, choices
from ..analysis.summary import Group, Lead, Line, Speedup
from ..analysis.tables import group_title
from ..records import Result, Row

Json = dict[str, Any]


def as_json(results: Sequence[Result]) -> Json:
    """The whole report; rows are numbered by their file."""
    files, rows = _parts(results)
    return {"schema": "lstmbench/report", "version": 1, "files": files, "rows": list(rows)}


def as_text(results: Sequence[Result]) -> str:
    """The text of a JSON file that holds the report, a line for each row.

    The same bytes for the same files.
    """
    return "".join(_pieces(results))


def _parts(results: Sequence[Result]) -> tuple[list[Json], Iterator[Json]]:
    """What is said of each file, and every row of all."""
    with_lines = [(result, summary.lines_of(result.rows)) for result in results]
    rows = (
        facts
        for number, (result, lines) in enumerate(with_lines)
        for _, facts in rows_with_facts(lines, result.baseline, number)
    )
    return [of_file(*each) for each in with_lines], rows


def _pieces(results: Sequence[Result]) -> Iterator[str]:
    """The text piece by piece: all rows as one value would take more memory than all of it."""
    files, rows = _parts(results)
    yield _text({**as_json([]), "files": files}, indent=1).removesuffix("]\n}")
    for at, row in enumerate(rows):
        yield f"{',' if at else ''}\n  {_text(row)}"
    yield "\n ]\n}\n"


def _text(value: Json, indent: int | None = None) -> str:
    return json.dumps(value, indent=indent, allow_nan=False, ensure_ascii=False)


def of_file(result: Result, lines: Sequence[Line]) -> Json:
    """Everything that is said of a file but its rows, which are in the lines."""
    header = result.model_dump(mode="json", exclude={"rows", "schema_", "version"})
    return {
        **header,
        "rows": len(result.rows),
        "timed_rows": sum(row.time_s is not None for row in result.rows),
        "disturbed_rows": len(summary.disturbed(result.rows)),
        "backends": summary.backends_of(result.rows),
        "choices": [_choice(each) for each in choices(lines, result.baseline)],
        "overall": [_overall(each) for each in summary.overall(lines, result.baseline)],
        "wins": summary.wins(lines),
        "groups": [_group(each) for each in summary.groups_of(lines)],
        "without_time": [
            {"backend": backend, "status": status, "reason": reason, "rows": len(of)}
            | {"first": of[0].id}
            for (backend, status, reason), of in summary.without_time(result.rows).items()
        ],
    }


def rows_with_facts(
    lines: Sequence[Line], baseline: str, number: int = 0
) -> Iterator[tuple[Row, Json]]:
    """Every row, and flat: what it is, how it went, its time, where it stands among the others.

    Args:
        number: the number of the file among those of the report.
    """
    for line in lines:
        ranks = {row.backend: rank for rank, row in enumerate(line.ranking, 1)}
        remarks = ", ".join(line.workload.remarks)
        for row in line.rows.values():
            facts = {
                "file": number,
                "id": row.id,
                "cell": line.workload.cell_name,
                "mode": row.mode,
                "dtype": row.dtype,
                "seq_len": row.seq_len,
                "batch_size": row.batch_size,
                "input_size": row.input_size,
                "hidden_size": row.hidden_size,
                "num_layers": row.num_layers,
                "bias": row.bias,
                "remarks": remarks,
                "threads": row.threads,
                "device": row.device,
                "backend": row.backend,
                "backend_version": row.backend_version,
                "status": row.status,
                "reason": row.reason,
                **_time(row),
                "loops": row.loops,
                "sequences_per_s": row.sequences_per_s,
                "timesteps_per_s": row.timesteps_per_s,
                "flops_per_s": row.flops_per_s,
                "fraction_of_bound": row.fraction_of_peak,
                "bound": row.bound,
                "compile_s": row.compile_s,
                "peak_memory_bytes": row.peak_memory_bytes,
                "other_load": row.other_load,
                "disturbed": summary.is_disturbed(row),
                "error": row.error and max(row.error.output, row.error.gradient or 0.0),
                "tolerance": row.error and row.error.tolerance,
                "speedup": line.speedup(row.backend, baseline),
                "rank": ranks.get(row.backend),
                "ahead": _ahead(row, line) if row.backend in ranks else None,
                "sure": line.lead is not None and row is line.lead.first and line.lead.is_sure,
            }
            yield row, facts


def _time(row: Row) -> Json:
    """The distribution of a row's time in seconds; all ``None`` without one."""
    time = row.time_s
    names = ("median", "q1", "q3", "min", "max")
    low, high = time.ci95 if time else (None, None)
    return {
        **{f"{name}_s": time and getattr(time, name) for name in names},
        "ci95_low_s": low,
        "ci95_high_s": high,
        "samples": time and time.samples,
    }


def _ahead(row: Row, line: Line) -> Speedup | None:
    """Time of the fastest other backend / that of this one: below 1 where it is behind."""
    other = next((each for each in line.ranking if each.backend != row.backend), None)
    return None if other is None else Speedup.of(other, row)


def _choice(choice: Choice) -> Json:
    ahead = sorted(choice.ahead, key=lambda pair: pair[0].value)
    return {
        "mode": choice.mode,
        "backend": choice.backend,
        "backends": choice.backends,
        "contests": len(choice.contests),
        "won": len(choice.won),
        "surely_won": len(choice.surely_won),
        "surely_lost": len(choice.surely_lost),
        "typically_ahead": choice.typically_ahead,
        "best": _contest(*ahead[-1], choice.backend),
        "worst": _contest(*ahead[0], choice.backend),
        "over_baseline": choice.over and choice.over.speedup,
        "other": choice.other,
    }


def _contest(ahead: Speedup, line: Line, backend: str) -> Json:
    rival = next(row for row in line.ranking if row.backend != backend)
    return {"ahead": ahead, "rival": rival.backend, **_place(line)}


def _overall(each: summary.Overall) -> Json:
    return {
        "mode": each.mode,
        "backend": each.backend,
        "speedup": each.speedup,
        "rows": each.rows,
        "best": {"speedup": each.best[0], **_place(each.best[1])},
        "worst": {"speedup": each.worst[0], **_place(each.worst[1])},
    }


def _place(line: Line) -> Json:
    w = line.workload
    return {
        "id": w.id,
        "cell": w.cell_name,
        "mode": w.mode,
        "seq_len": w.seq_len,
        "batch_size": w.batch_size,
        "hidden_size": w.hidden_size,
        "threads": line.threads,
    }


def _group(group: Group) -> Json:
    return {
        "title": group_title(group),
        "cell": group.workload.cell_name,
        "mode": group.workload.mode,
        "remarks": ", ".join(group.workload.remarks),
        "threads": group.threads,
        "fields": [_field(line) for line in group.lines],
    }


def _field(line: Line) -> Json:
    """Who is fastest at a sequence length and batch size, and how surely."""
    lead: Lead | None = line.lead
    return {
        "id": line.workload.id,
        "seq_len": line.workload.seq_len,
        "batch_size": line.workload.batch_size,
        "fastest": line.fastest,
        "second": lead and lead.second.backend,
        "margin": lead and lead.margin,
        "sure": lead is not None and lead.is_sure,
        "median_s": line.timed()[line.fastest] if line.fastest else None,
    }
