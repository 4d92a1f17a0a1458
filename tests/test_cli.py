"""The command line: data on stdout, progress on stderr, a line and an exit code for each error."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from conftest import GOLDEN, a_header, a_row

from lstmbench import cli
from lstmbench.backends.entries import BACKENDS
from lstmbench.result import json_schema, write
from lstmbench.workload import DTYPES

COMMANDS = typer.main.get_command(cli.app).commands


# --- help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_every_option_has_help(tool, name):
    code, out, err = tool(name, "--help")

    assert (code, err) == (0, "")
    assert COMMANDS[name].help
    assert f"Usage: lstmbench {name}" in " ".join(out.split())
    for parameter in COMMANDS[name].params:
        assert parameter.help, f"{name} {parameter.name}"


def test_help_names_every_command(tool):
    for arguments in ((), ("--help",), ("-h",)):
        code, out, _ = tool(*arguments)
        assert code == 0
        assert all(name in out for name in COMMANDS)


def test_the_commands_are_those_of_this_version():
    assert set(COMMANDS) == {
        "run",
        "show",
        "list",
        "verify",
        "report",
        "gate",
        "gradients",
        "guess",
        "learn",
        "claims",
        "compare",
        "history",
        "export",
        "import",
        "doctor",
    }


def test_the_version_is_that_of_the_package(tool):
    from importlib.metadata import version

    assert tool("--version") == (0, f"lstmbench {version('lstmbench')}\n", "")


# --- list, report, doctor, verify


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("backends", list(BACKENDS)),
        ("cells", ["lstm", "lstm-bi", "gru", "gru-bi", "rnn-tanh", "rnn-relu"]),
        (
            "rows",
            ["lstm/train/T16-B1-I128-H128-L1/float32", "gru/infer/T64-B16-I128-H128-L1/float32"],
        ),
    ],
)
def test_what_is_listed_is_also_listed_as_json(tool, what, expected):
    code, out, err = tool("list", what)
    names = [line.split()[0] for line in out.splitlines()]
    as_json = json.loads(tool("list", what, "--json")[1])

    assert (code, err) == (0, "")
    assert set(expected) <= set(names)
    assert [each["name"] for each in as_json] == names


def test_suites_are_listed_with_what_they_are_and_where_they_are_from(tool):
    code, out, err = tool("list", "suites")
    as_json = json.loads(tool("list", "suites", "--json")[1])

    assert (code, err) == (0, "")
    assert [line for line in out.splitlines() if not line.startswith("  ")] == [
        each["name"] for each in as_json
    ]
    for each in as_json:
        assert each["description"] in out
        assert all(f"from: {source}" in out for source in each["sources"])


def test_rows_are_listed_with_where_their_sizes_are_from(tool):
    rows = json.loads(tool("list", "rows", "--suite", "fastrnns", "--json")[1])

    assert {row["name"] for row in rows} == {
        f"lstm/{mode}/T100-B64-I512-H512-L1/float32"
        for mode in ("forward", "backward", "train", "infer")
    }
    assert all(row["source"].startswith("PyTorch, benchmarks/fastrnns/") for row in rows)
    assert all(f"{row['name']}  " in tool("list", "rows", "-s", "fastrnns")[1] for row in rows[:1])


def test_the_doctors_json_is_valid(tool):
    code, out, err = tool("doctor", "--json")

    assert (code, err) == (0, "")
    assert {each["name"] for each in json.loads(out)["backends"]} == set(BACKENDS)


def test_the_doctors_table_is_on_stdout(tool):
    code, out, err = tool("doctor")

    assert (code, err) == (0, "")
    assert "processor" in out
    assert "numba-cpu" in out


def test_the_schema_is_printed(tool):
    code, out, _ = tool("report", "--schema")

    assert code == 0
    assert json.loads(out) == json_schema()


def test_check_fails_for_a_stale_block_until_it_is_updated(tool, tmp_path):
    shutil.copy(GOLDEN / "result.json", tmp_path)
    readme = tmp_path / "README.md"
    readme.write_text("<!-- lstmbench:begin result.json -->\n<!-- lstmbench:end -->\n")

    code, out, err = tool("report", "--update", "README.md", "--check")
    assert (code, out) == (2, "")
    assert (
        err == "README.md: stale; bring it up to date with: lstmbench report --update README.md\n"
    )

    assert tool("report", "--update", "README.md") == (0, "", "")
    assert tool("report", "--update", "README.md", "--check") == (0, "", "")


@pytest.mark.usefixtures("script")
def test_verify_proves_a_cell_and_shows_its_worst_errors(tool, monkeypatch):
    monkeypatch.setattr("lstmbench.running.verification.SHAPES", ((1, 1, 1, 1),))

    code, out, err = tool("verify", "-b", "fake", "--cell", "gru")
    assert (code, err) == (0, "")
    assert "gru-bi" in out

    code, out, _ = tool("verify", "-b", "fake", "--cell", "gru", "--json")
    rows = json.loads(out)
    assert {row["status"] for row in rows} == {"skipped"}
    assert all(row["error"]["output"] <= row["error"]["tolerance"] for row in rows)
    assert {row["id"].rpartition("/")[2] for row in rows} == set(DTYPES)


@pytest.mark.usefixtures("script")
def test_verify_takes_the_precisions_that_are_asked_for(tool, monkeypatch):
    monkeypatch.setattr("lstmbench.running.verification.SHAPES", ((1, 1, 1, 1),))

    _, out, _ = tool("verify", "-b", "fake", "--cell", "gru", "--dtype", "tf32", "--json")
    assert {row["id"].rpartition("/")[2] for row in json.loads(out)} == {"tf32"}

    code, _, err = tool("verify", "-b", "fake", "--dtype", "tf23")
    assert (code, err.count("\n")) == (2, 1)
    assert "did you mean 'tf32'" in err


def test_a_simulated_gpu_is_verified_at_small_shapes(tool, monkeypatch):
    monkeypatch.setenv("NUMBA_ENABLE_CUDASIM", "1")
    planned = []
    monkeypatch.setattr(
        "lstmbench.running.session.verify", lambda plan, _show: planned.append(plan) or 0
    )

    assert tool("verify", "-b", "numba-cuda-step", "--dtype", "float16") == (0, "", "")

    assert {w.dtype for w in planned[0].workloads} == {"float16"}
    assert max(w.hidden_size for w in planned[0].workloads) == 16

    assert tool("verify", "-b", "numba-cuda", "--random", "50") == (0, "", "")
    assert max(w.hidden_size for w in planned[1].workloads) <= 16


def test_verify_ends_with_5_where_a_result_is_wrong(tool, script, monkeypatch):
    script({"id": "*/T1-*-L2/float64", "fault": "wrong"})
    monkeypatch.setattr("lstmbench.running.verification.SHAPES", ((1, 1, 1, 1),))

    code, out, err = tool("verify", "-b", "fake", "--cell", "gru", "--quiet")

    assert (code, out) == (5, "")
    assert err.startswith("4 of 80 rows wrong and not timed; the first: gru/infer/T1-B1-I1-H1-L2/")
    assert err.count("\n") == 1


# --- standard output that cannot be written


def with_stdout(stdout, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "lstmbench.cli", *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_standard_output_on_a_full_disk_is_one_line_and_exit_code_2():
    with Path("/dev/full").open("w") as full:
        done = with_stdout(full, "list", "rows")

    assert done.returncode == 2
    assert done.stderr == "Error: the system refused: [Errno 28] No space left on device\n"


def test_a_reader_that_has_seen_enough_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = with_stdout(writing, "list", "rows", "--suite", "default")
    finally:
        os.close(writing)

    assert (done.returncode, done.stderr) == (0, "")


def test_a_report_of_one_backend_alone_is_made(tool, tmp_path):
    write(tmp_path / "x.json", a_header(), [a_row()])

    assert tool("report", "x.json")[0] == 0
