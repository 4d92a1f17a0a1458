"""Exports are what the tools that read them take: pytest-benchmark, pyperf, asv, and tables."""

import csv
import io
import json
import math
import subprocess
import sys

import pytest
from conftest import (
    GOLDEN,
    HOSTILE,
    a_row,
    a_workload,
    as_result,
    assert_golden,
    bad_row,
)

from lstmbench.errors import ResultFormatError, UsageError
from lstmbench.formats import csv_table
from lstmbench.formats.export import FORMATS, export
from lstmbench.formats.measured import Measured
from lstmbench.result import read

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAME = "lstm/infer/T3-B2-I4-H5-L1/float32/fake/1-threads"
GOLDEN_FILES = {
    "pytest-benchmark": "export_pytest_benchmark.json",
    "pyperf": "export_pyperf.json",
    "asv": "export_asv.json",
    "github-action-benchmark": "export_github_action.json",
    "csv": "export.csv",
}


def a_result():
    """One process, several processes, unequal lengths, a series, and a row without a time."""
    several = a_row(a_workload(mode="train"), backend="numpy")
    ragged = a_workload(lengths="uniform", steps=(3, 1))
    return as_result(
        [
            a_row(),
            several.model_copy(update={"processes_s": (0.001, 0.0011, 0.0009)}),
            a_row(ragged, seconds=3e-6),
            a_row(a_workload(input_size=1, data="sunspots"), threads=2),
            bad_row("failed", backend="torch-cpu"),
        ]
    )


def exported(to, result=None):
    return export(Measured.of(result or a_result(), COMMIT), to)


def one(seconds=0.001, **given):
    return as_result([a_row(seconds=seconds, **given)])


def by_tool(*arguments, cwd):
    """What a tool that reads such files prints."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- every format


def test_every_format_has_a_golden_file():
    assert set(FORMATS) == set(GOLDEN_FILES)


@pytest.mark.parametrize("to", FORMATS)
def test_an_export_is_the_golden_one(to):
    assert_golden(GOLDEN_FILES[to], exported(to).replace("\r\n", "\n"))


@pytest.mark.parametrize("to", FORMATS)
def test_the_file_of_another_version_is_exported(to, golden_result):
    text = exported(to, golden_result)

    timed = [row for row in golden_result.rows if row.time_s]
    assert all(text.count(row.id) for row in timed)
    assert Measured.of(golden_result).left_out == len(golden_result.rows) - len(timed)


@pytest.mark.parametrize("to", [name for name in FORMATS if name != "csv"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_leaves_strict_json(to, name):
    def refuse(token):
        raise AssertionError(token)

    text = HOSTILE[name]
    result = as_result([a_row(backend=text)], command=text, suite=text, fingerprint=text)

    assert json.loads(exported(to, result), parse_constant=refuse)


def test_names_tell_all_rows_apart_and_are_one_printable_line():
    names = [timed.name for timed in Measured.of(a_result()).rows]
    (strange,) = Measured.of(one(backend="a\n\x1b[31m\u2028b")).rows

    assert len(set(names)) == len(names) == 4
    assert names[0] == NAME
    assert strange.name.isprintable()


def test_a_file_without_a_time_cannot_be_exported():
    with pytest.raises(UsageError, match="expected at least one row with a time"):
        exported("csv", as_result([bad_row("failed")]))


# --- pytest-benchmark


def test_pytest_benchmark_compares_two_of_its_files(tmp_path):
    (tmp_path / "a.json").write_text(exported("pytest-benchmark"))
    (tmp_path / "b.json").write_text(exported("pytest-benchmark", one(0.002)))

    shown = by_tool("-m", "pytest_benchmark", "compare", "a.json", "b.json", cwd=tmp_path)

    assert "benchmark 'lstm/infer/T3-B2-I4-H5-L1/float32': 2 tests" in shown
    assert {line.split()[0] for line in shown.splitlines() if line.startswith(NAME)} == {NAME}
    assert "(2.00)" in shown


def test_pytest_benchmark_has_the_samples_and_what_it_computes_of_them_itself():
    from pytest_benchmark.stats import Stats

    (benchmark,) = json.loads(exported("pytest-benchmark", one()))["benchmarks"]
    stats = benchmark["stats"]
    theirs = Stats()
    for sample in stats["data"]:
        theirs.update(sample)

    assert tuple(stats["data"]) == a_row().samples_s
    for name in ("min", "max", "mean", "stddev", "rounds", "median", "ops", "total"):
        assert stats[name] == pytest.approx(getattr(theirs, name)), name
    assert stats["stddev_outliers"] == theirs.stddev_outliers
    assert set(theirs.as_dict()) <= set(stats)
    assert benchmark["extra_info"]["id"] == a_row().id


# --- pyperf


def test_pyperf_reads_its_file(tmp_path):
    (tmp_path / "a.json").write_text(exported("pyperf"))

    shown = by_tool("-m", "pyperf", "stats", "a.json", cwd=tmp_path)

    assert "Number of benchmarks: 4" in shown
    assert f"{NAME}\n" in shown
    assert "Number of run with values: 3" in shown


def test_pyperf_compares_two_of_its_files(tmp_path):
    (tmp_path / "a.json").write_text(exported("pyperf", one()))
    (tmp_path / "b.json").write_text(exported("pyperf", one(0.002)))

    shown = by_tool("-m", "pyperf", "compare_to", "a.json", "b.json", cwd=tmp_path)

    assert "2.00x slower" in shown


def test_a_run_of_pyperf_is_a_process():
    import pyperf

    suite = pyperf.BenchmarkSuite.loads(exported("pyperf"))
    runs = {b.get_name(): [run.values for run in b.get_runs()] for b in suite.get_benchmarks()}

    assert runs[NAME] == [a_row().samples_s]
    assert runs["lstm/train/T3-B2-I4-H5-L1/float32/numpy/1-threads"] == [
        (0.001,), (0.0011,), (0.0009,),
    ]  # fmt: skip


# --- asv


def test_asv_reads_its_file(tmp_path):
    path = tmp_path / "results" / "machine" / f"{COMMIT[:8]}-lstmbench.json"
    path.parent.mkdir(parents=True)
    path.write_text(exported("asv"))
    script = (
        "import json, sys\nfrom asv.results import Results\n"
        "read = Results.load(sys.argv[1])\n"
        "print(json.dumps({'commit': read.commit_hash, 'rows': {name: [\n"
        "  read.get_result_value(name, []), read.get_result_stats(name, []),\n"
        "  read.get_result_samples(name, [])] for name in read.get_all_result_keys()}}))"
    )

    said = json.loads(by_tool("-c", script, str(path), cwd=tmp_path))

    assert said["commit"] == COMMIT
    assert len(said["rows"]) == 4
    value, (stats,), (samples,) = said["rows"][NAME]
    assert value == [a_row().time_s.median]
    assert tuple(samples) == a_row().samples_s
    assert stats == {
        "ci_99_a": min(samples),
        "ci_99_b": max(samples),
        "q_25": a_row().time_s.q1,
        "q_75": a_row().time_s.q3,
        "number": 1,
        "repeat": 8,
    }


def test_asv_gets_no_interval_that_the_samples_do_not_give():
    six = a_row().samples_s[:6]
    few = a_row().model_copy(update={"samples_s": six})
    several = a_row(threads=2).model_copy(update={"processes_s": (0.001, 0.001)})

    results = json.loads(exported("asv", as_result([few, several])))["results"]

    assert [row[5:7] for row in results.values()] == [[None, None]] * 2


def test_asv_needs_a_commit_and_a_date():
    with pytest.raises(UsageError, match="expected --commit HASH"):
        export(Measured.of(a_result()), "asv")
    with pytest.raises(ResultFormatError, match="created: expected a date in ISO 8601, got 'now'"):
        exported("asv", as_result([a_row()], created="now"))


def test_a_date_of_asv_is_milliseconds_since_1970():
    for created in ("1970-01-02T00:00:00+00:00", "1970-01-02T00:00:00", "1970-01-02T01:00+01:00"):
        assert json.loads(exported("asv", as_result([a_row()], created=created)))["date"] == 864e5


# --- github-action-benchmark


def test_github_action_benchmark_gets_what_its_custom_tools_ask_for():
    for entry in json.loads(exported("github-action-benchmark")):
        assert {name: type(value) for name, value in entry.items()} == {
            "name": str, "unit": str, "value": float, "range": str, "extra": str,
        }  # fmt: skip
        assert entry["unit"] == "s"
        assert math.isfinite(entry["value"])


# --- csv


def test_a_table_has_one_line_a_row_and_the_same_columns_in_each():
    lines = list(csv.DictReader(io.StringIO(exported("csv"), newline="")))

    assert exported("csv").count("\r\n") == len(lines) + 1 == 5
    assert all(tuple(line) == csv_table.COLUMNS and None not in line.values() for line in lines)
    assert float(lines[0]["median_s"]) == a_row().time_s.median
    assert lines[0]["bias"] == "true"
    assert [line["lengths"] for line in lines] == ["full", "full", "uniform", "full"]
    assert lines[0]["fraction_of_peak"] == ""


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_text_is_a_formula_of_a_spreadsheet(text):
    table = exported("csv", one(backend=text))
    (line,) = csv.DictReader(io.StringIO(table, newline=""))

    assert line["backend"] == f"'{text}"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_in_its_cell(name):
    table = exported("csv", one(backend=HOSTILE[name]))
    (line,) = csv.DictReader(io.StringIO(table, newline=""))

    assert line["backend"].removeprefix("'") == HOSTILE[name]
    assert line["threads"] == "1"


# --- the command


def test_an_export_is_on_stdout_or_in_a_file_and_says_how_many_rows_are_left_out(tool, tmp_path):
    path = str(GOLDEN / "result.json")
    whole = exported("csv", read(GOLDEN / "result.json"))
    line = "7 of 36 rows have no time and are left out\n"

    assert tool("export", path, "--to", "csv") == (0, whole, line)
    assert tool("export", path, "--to", "csv", "-o", "table.csv") == (0, "", line)
    assert (tmp_path / "table.csv").read_bytes() == whole.encode()


def test_a_commit_is_handed_on(tool):
    path = str(GOLDEN / "result.json")

    code, out, _ = tool("export", path, "--to", "asv", "--commit", COMMIT)

    assert code == 0
    assert json.loads(out)["commit_hash"] == COMMIT


def test_a_table_of_several_files_has_their_machines_and_every_row_with_a_time_or_a_reason():
    other = as_result([bad_row("failed", "=no luck"), a_row(backend="other")], created="2027")

    text = csv_table.of_files([one(), other])

    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [line["created"][:4] for line in lines] == ["2026", "2027", "2027"]
    assert {line["machine"] for line in lines} == {other.environment.machine.cpu_model}
    assert [(line["status"], line["reason"]) for line in lines] == [
        ("ok", ""), ("failed", "'=no luck"), ("ok", ""),
    ]  # fmt: skip
    assert [bool(line["median_s"]) for line in lines] == [True, False, True]
