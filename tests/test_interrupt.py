"""Whatever ends a run, no finished row is lost, and none is measured again."""

import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from conftest import run_tool
from inline import InlineWorker

from lstmbench import cli
from lstmbench.records import Row
from lstmbench.result import read

SWEEP = (
    "-b", "fake", "--cell", "lstm", "--mode", "infer", "--seq-len", "1:6",
    "--batch-size", "1", "--hidden-size", "2",
)  # fmt: skip
FIRST = {"seconds": [0.002]}
SECOND = {"seconds": [0.007]}


def run(folder, *arguments, script=(), **environment):
    return run_tool("run", "-q", *arguments, cwd=folder, script=list(script), **environment)


def at_row_4(fault):
    return [FIRST, {**FIRST, "id": "*/T4-*", "fault": fault}]


def lines_of(folder, name="result.json.journal"):
    return (folder / name).read_text(encoding="utf-8").splitlines()


def times_of(path):
    return [round(row.time_s.median, 6) if row.time_s else None for row in read(path).rows]


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A folder where the tool was killed by SIGKILL while it was at its fourth row."""
    folder = tmp_path_factory.mktemp("killed")
    mark = str(folder)
    done = run(folder, *SWEEP, "-o", "result.json", script=at_row_4("kill-parent"), MARK=mark)
    return done, folder, mark


@pytest.fixture
def copied(killed, tmp_path):
    """A copy of that folder, to go on in."""
    shutil.copytree(killed[1], tmp_path / "copy")
    return tmp_path / "copy"


@pytest.fixture
def resume_in(monkeypatch, capsys):
    """Go on in this process with a worker that remembers what it was asked."""
    worker = InlineWorker([SECOND])
    monkeypatch.setattr("lstmbench.running.run.start_worker", lambda *_given, **_named: worker)

    def resume(folder, *arguments):
        monkeypatch.chdir(folder)
        with pytest.raises(SystemExit) as end:
            cli.main(["run", "-q", "--resume", *arguments])
        return end.value.code, capsys.readouterr().err, [w.seq_len for w in worker.asked]

    return resume


@pytest.fixture
def resume_here(resume_in, copied):
    """Go on in the copied folder."""
    return partial(resume_in, copied)


# --- the worker is killed


def test_a_worker_that_is_killed_costs_its_row_and_the_run_goes_on(tmp_path):
    done = run(tmp_path, *SWEEP, "-o", "result.json", script=at_row_4("kill"))

    rows = read(tmp_path / "result.json").rows
    assert done.returncode == 4
    assert [row.status for row in rows] == ["ok", "ok", "ok", "failed", "ok", "ok"]
    assert rows[3].reason == "the worker was killed by SIGKILL"
    assert done.stderr.splitlines()[-1] == (
        "1 of 6 rows failed; the first: lstm/infer/T4-B1-I2-H2-L1/float32 on fake: "
        "the worker was killed by SIGKILL"
    )


# --- the tool is killed


def test_the_rows_before_a_kill_are_in_the_journal(killed):
    done, folder, _ = killed

    assert done.returncode == -9
    assert [path.name for path in folder.iterdir()] == ["result.json.journal"]
    rows = [Row.model_validate_json(line) for line in lines_of(folder)[1:]]
    assert [(row.seq_len, row.status) for row in rows] == [(1, "ok"), (2, "ok"), (3, "ok")]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends the children of the dead")
def test_a_killed_tool_leaves_no_worker_behind(killed):
    mark = f"MARK={killed[2]}".encode()

    def left():
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    yield process.name
            except OSError:
                continue

    # The kernel ends it a moment after the tool: look again until it has.
    assert any(not list(left()) for _ in range(200))


def test_going_on_measures_what_is_left_and_nothing_again(copied):
    kept = lines_of(copied)[1:]

    done = run(copied, "--resume", "-o", "result.json", script=[SECOND])

    assert done.returncode == 0
    assert times_of(copied / "result.json") == [0.002] * 3 + [0.007] * 3
    written = json.loads((copied / "result.json").read_text())["rows"]
    assert written[:3] == [json.loads(line) for line in kept]
    assert [row["seq_len"] for row in written] == [1, 2, 3, 4, 5, 6]
    assert {path.name for path in copied.iterdir()} == {"result", "result.json", "result.md"}


def test_the_backend_is_asked_only_for_what_is_left(resume_here, copied):
    code, _, asked = resume_here("-o", "result.json")

    assert (code, asked) == (0, [4, 5, 6])
    assert times_of(copied / "result.json") == [0.002] * 3 + [0.007] * 3


def test_a_row_that_was_torn_is_measured_again(resume_here, copied):
    journal = copied / "result.json.journal"
    journal.write_bytes(journal.read_bytes()[:-20])

    code, _, asked = resume_here("-o", "result.json")

    assert (code, asked) == (0, [3, 4, 5, 6])


def test_the_same_options_may_be_repeated(resume_here):
    assert resume_here("-o", "result.json", *SWEEP)[::2] == (0, [4, 5, 6])


@pytest.mark.parametrize(
    "other",
    [("--seq-len", "1:7"), ("--budget", "3"), ("--baseline", "numpy"), ("-s", "default")],
)
def test_going_on_with_other_options_is_refused_and_nothing_is_lost(resume_here, copied, other):
    before = lines_of(copied)

    code, err, asked = resume_here("-o", "result.json", *SWEEP, *other)

    assert (code, asked) == (2, [])
    assert err.startswith("Error: --resume: result.json.journal was begun with other options; ")
    assert "lstmbench run -q -b fake" in err
    assert lines_of(copied) == before


def test_going_on_on_another_machine_is_refused(resume_here, copied):
    journal = copied / "result.json.journal"
    opening, *rows = lines_of(copied)
    content = json.loads(opening)
    content["header"]["fingerprint"] = "0123456789abcdef"
    journal.write_text("\n".join([json.dumps(content), *rows]) + "\n")

    code, err, asked = resume_here("-o", "result.json")

    assert (code, asked) == (2, [])
    assert err.startswith("Error: --resume: expected the machine that began the run (")
    assert "0123456789abcdef" in err


def test_a_journal_with_a_row_of_another_plan_is_refused(resume_here, copied):
    journal = copied / "result.json.journal"
    text = journal.read_text()
    last = text.splitlines()[-1]
    journal.write_text(
        text + last.replace("T3-", "T9-").replace('"seq_len":3', '"seq_len":9') + "\n"
    )

    code, err, asked = resume_here("-o", "result.json")

    assert (code, asked) == (2, [])
    assert err.startswith("Error: result.json.journal: damaged: ")
    assert err.count("\n") == 1


def test_beginning_anew_over_an_unfinished_run_is_refused(copied, tool):
    before = lines_of(copied)

    code, _, err = tool("run", "-q", *SWEEP, "-o", str(copied / "result.json"))

    assert code == 2
    assert f"unfinished run; go on with it (--resume -o {copied / 'result.json'}) or delete" in err
    assert lines_of(copied) == before


def test_without_a_name_the_newest_unfinished_run_is_gone_on_with(resume_here, copied):
    folder = copied / "lstmbench-results"
    folder.mkdir()
    shutil.move(copied / "result.json.journal", folder / "quick-new.json.journal")
    (folder / "quick-old.json.journal").write_text("old")
    os.utime(folder / "quick-old.json.journal", (0, 0))

    code, _, asked = resume_here()

    assert (code, asked) == (0, [4, 5, 6])
    assert (folder / "quick-new.json").exists()


# --- the disk fills

ON_A_SMALL_DISK = """
import resource, sys
from lstmbench.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
main(sys.argv[2:])
"""


def test_a_disk_that_fills_ends_the_run_with_one_line_and_keeps_the_rows(copied, resume_here):
    room = (copied / "result.json.journal").stat().st_size + 100
    done = subprocess.run(
        [sys.executable, "-c", ON_A_SMALL_DISK, str(room), "run", "-q", "--resume",
         "-o", "result.json"],
        cwd=copied, env={**os.environ, "LSTMBENCH_FAKE": json.dumps([FIRST])},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "Error: result.json.journal: cannot be written: File too large; "
        "the 3 rows before this one are kept"
    )
    assert "Traceback" not in done.stderr

    assert resume_here("-o", "result.json")[::2] == (0, [4, 5, 6])
    assert times_of(copied / "result.json") == [0.002] * 3 + [0.007] * 3


# --- Ctrl-C, and what ends a process in its stead: a time limit, a container that stops


@pytest.mark.parametrize("fault", ["interrupt-parent", "terminate-parent"])
def test_an_interruption_ends_with_130_keeps_the_rows_and_says_how_to_go_on(
    tmp_path, resume_in, fault
):
    script = at_row_4(fault)
    done = run(tmp_path, *SWEEP, "-o", "result.json", script=script)

    assert done.returncode == 130
    assert done.stderr.splitlines()[-1] == (
        "interrupted: 3 rows are kept; go on with: lstmbench run --resume -o result.json"
    )
    assert "Traceback" not in done.stderr
    assert len(lines_of(tmp_path)) == 1 + 3

    code, _, asked = resume_in(tmp_path, "-o", "result.json")

    assert (code, asked) == (0, [4, 5, 6])
    assert times_of(tmp_path / "result.json") == [0.002] * 3 + [0.007] * 3
