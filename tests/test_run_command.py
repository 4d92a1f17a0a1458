"""`lstmbench run` as a command: its files, its screen, and the exit code of each ending."""

import json
import re

import jsonschema
import pytest
from conftest import TINY, run_tool

from lstmbench.result import json_schema, read


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    """One run of the tool as a person starts it, in a process, with a worker process."""
    folder = tmp_path_factory.mktemp("whole")
    arguments = (*TINY, "--seq-len", "2,4", "-o", "out/result.json")
    rules = [{"seconds": [0.002]}, {"id": "*/T4-*", "seconds": [0.003]}]
    return run_tool("run", *arguments, cwd=folder, script=rules, COLUMNS="100"), folder / "out"


def test_a_run_ends_well_with_a_result_file_and_a_report_beside_it(whole_run):
    done, folder = whole_run

    assert done.returncode == 0
    assert {path.name for path in folder.iterdir()} == {"result", "result.json", "result.md"}
    assert (folder / "result.md").read_text(encoding="utf-8").startswith("# Recurrent networks")


def test_the_result_of_a_run_is_valid_and_what_the_script_says(whole_run):
    result = read(whole_run[1] / "result.json")

    jsonschema.Draft202012Validator(json_schema()).validate(
        json.loads((whole_run[1] / "result.json").read_text())
    )
    assert [(row.id, row.status, round(row.time_s.median, 9)) for row in result.rows] == [
        (f"lstm/{mode}/T{n}-B1-I3-H3-L1/float32", "ok", seconds)
        for mode in ("train", "infer")
        for n, seconds in ((2, 0.002), (4, 0.003))
    ]
    assert result.command.startswith("lstmbench run -b fake")
    assert result.baseline == "fake"


def test_the_screen_of_a_run_is_on_stdout_and_its_progress_on_stderr(whole_run):
    done, _ = whole_run

    assert re.match(r"lstmbench · .* · suite quick · 4 rows in 0:\d\d\n", done.stdout)
    assert "2.00 ms" in done.stdout
    assert done.stdout.endswith("Again     lstmbench show out/result.json\n")
    assert "[4/4]" not in done.stdout
    progress = [line for line in done.stderr.splitlines() if not line.startswith("warning: ")]
    assert [line[:6] for line in progress] == ["[1/4] ", "[2/4] ", "[3/4] ", "[4/4] "]
    assert "\x1b" not in done.stdout + done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 100


@pytest.mark.usefixtures("script")
def test_json_is_the_result_file_on_stdout(tool, tmp_path):
    code, out, _ = tool("run", *TINY, "--json", "-o", "x.json")

    assert code == 0
    assert out == (tmp_path / "x.json").read_text(encoding="utf-8")
    assert json.loads(out)["schema"] == "lstmbench/result"


@pytest.mark.usefixtures("script")
def test_quiet_prints_nothing_but_doubts_about_the_machine(tool):
    code, out, err = tool("run", *TINY, "--quiet", "-o", "x.json")

    assert (code, out) == (0, "")
    assert all(line.startswith("warning: ") for line in err.splitlines())


@pytest.mark.usefixtures("script")
def test_without_a_name_results_go_to_a_folder_of_their_own(tool, tmp_path):
    code, _, _ = tool("run", *TINY, "-q")

    assert code == 0
    names = [path.name for path in (tmp_path / "lstmbench-results").iterdir()]
    assert sorted(name.rsplit(".", 1)[1] for name in names) == ["json", "md"]
    assert all(name.startswith("quick-") for name in names)


@pytest.mark.usefixtures("script")
def test_a_run_replaces_an_old_result_of_the_same_name(tool, tmp_path):
    (tmp_path / "x.json").write_text("old")

    assert tool("run", *TINY, "-q", "-o", "x.json")[0] == 0
    assert read(tmp_path / "x.json").rows


@pytest.mark.usefixtures("script")
def test_a_suite_file_runs(tool, tmp_path):
    (tmp_path / "mine.toml").write_text(
        'name = "x"\ndescription = ""\nbaseline = "numpy"\nbackends = ["numpy"]\n'
        '[[rows]]\ncell = "lstm"\nmode = "infer"\nseq_len = 1\nbatch_size = 1\nhidden_size = 1\n'
    )

    code, out, _ = tool("run", "-s", "mine.toml", "-b", "fake", "--json", "-o", "x.json")

    assert code == 0
    assert [row["id"] for row in json.loads(out)["rows"]] == ["lstm/infer/T1-B1-I1-H1-L1/float32"]


@pytest.mark.parametrize(
    ("fault", "code", "reason"),
    [
        (None, 0, ""),
        ("wrong", 5, "2 of 2 rows wrong and not timed; the first: lstm/train/T2"),
        ("raise", 4, "2 of 2 rows failed; the first: lstm/train/T2-B1-I3-H3-L1/float32 on fake: "),
        ("memory", 4, "2 of 2 rows out of memory"),
        ("unavailable", 4, "no backend could run a row"),
    ],
)
def test_the_exit_code_is_that_of_the_worst_row_and_the_result_is_kept(
    tool, script, tmp_path, fault, code, reason
):
    script({"fault": fault})

    ended, out, err = tool("run", *TINY, "-q", "-o", "x.json")

    assert (ended, out) == (code, "")
    assert reason in err
    if fault:
        assert err.splitlines()[-1].startswith(reason)
        assert {row.status for row in read(tmp_path / "x.json").rows} != {"ok"}


def test_a_row_that_is_given_up_ends_with_124(tmp_path):
    done = run_tool(
        "run", *TINY, "--mode", "infer", "-q", "--timeout", "0.5", "-o", "x.json",
        cwd=tmp_path, script=[{"fault": "hang"}],
    )  # fmt: skip

    assert done.returncode == 124
    assert "1 of 1 rows given up for time" in done.stderr
    assert [row.status for row in read(tmp_path / "x.json").rows] == ["timeout"]


def test_a_row_that_does_not_fit_in_memory_is_told_and_not_attempted(tool, script, tmp_path):
    worker = script()

    code, _, err = tool(
        "run", "-q", *TINY, "--mode", "infer", "--batch-size", "2147483647", "-o", "x.json"
    )

    assert code == 4
    assert "1 of 1 rows out of memory; the first: " in err
    assert "are free; not attempted" in err
    assert worker.asked == []
    assert read(tmp_path / "x.json").rows[0].status == "oom"


def test_ctrl_c_in_the_middle_ends_with_130_and_says_how_to_go_on(tool, script, monkeypatch):
    worker = script()
    perform = worker.perform

    def interrupted(workload, *rest):
        if workload.mode == "infer":
            raise KeyboardInterrupt
        return perform(workload, *rest)

    monkeypatch.setattr(worker, "perform", interrupted)
    code, out, err = tool("run", *TINY, "-q", "-o", "x.json")

    assert (code, out) == (130, "")
    assert err.endswith(
        "interrupted: 1 rows are kept; go on with: lstmbench run --resume -o x.json\n"
    )


def test_ctrl_c_before_the_first_row_leaves_no_journal(tool, script, monkeypatch, tmp_path):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(script(), "perform", interrupted)
    code, _, err = tool("run", *TINY, "-q", "-o", "x.json")

    assert code == 130
    assert err.endswith("interrupted before the first row\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("script")
@pytest.mark.parametrize("name", ["numba-cuda", "numba-cuda-step", "torch-cuda"])
def test_on_a_machine_without_a_gpu_one_line_says_what_is_missing(
    tool, monkeypatch, tmp_path, name
):
    monkeypatch.delenv("NUMBA_ENABLE_CUDASIM", raising=False)
    monkeypatch.setattr("lstmbench.backends.registry.find_spec", lambda _name: object())
    monkeypatch.setattr("lstmbench.machine.cuda._library", lambda: None)

    code, out, err = tool("run", "-b", name, "-o", "x.json")

    assert (code, out) == (2, "")
    assert err.startswith(f"Error: {name}: no NVIDIA driver: libcuda.so.1 is not on this machine; ")
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_simulated_gpu_is_not_measured(tool, monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_ENABLE_CUDASIM", "1")
    monkeypatch.setattr("lstmbench.backends.registry.find_spec", lambda _name: object())

    code, _, err = tool("run", "-b", "numba-cuda", "-o", "x.json")

    assert code == 2
    assert "the times of a simulator mean nothing; unset it, or verify" in err
    assert not list(tmp_path.iterdir())


def test_a_missing_backend_that_was_named_is_an_error_before_anything_is_written(
    tool, monkeypatch, tmp_path
):
    monkeypatch.setattr("lstmbench.backends.registry.find_spec", lambda _name: None)

    code, out, err = tool("run", "-b", "torch-cpu", "--seq-len", "2")

    assert (code, out) == (2, "")
    assert err.startswith("Error: torch-cpu: torch")
    assert "pip install torch" in err
    assert list(tmp_path.iterdir()) == []
