"""`lstmbench learn` as a command: what it writes, how it goes on, and what it refuses."""

import pytest
from conftest import HOSTILE
from learning_files import a_file, at, gone, settings

from lstmbench.learning import process, serve, session
from lstmbench.learning.page import page
from lstmbench.learning.records import LearningFile
from lstmbench.machine.environment import describe
from lstmbench.report.shelf import Shelf
from lstmbench.timing.clock import FakeClock

TINY = (
    "learn", "adding", "--lag", "10", "--hidden-size", "4", "--batch-size", "4",
    "--every", "1", "--threads", "1", "--seeds", "2", "--max-steps", "2",
)  # fmt: skip


@pytest.fixture
def inline(monkeypatch):
    """Trials in this process; the next may be told to stop at a step, as Ctrl-C would."""

    class Inline:
        stop_at = None
        fail = ()
        broken = None

        def __call__(self, given, cell, backend, seed, checkpoint, tell):
            if backend in self.fail:
                answer = {"unavailable": f"{backend}: not here; install it"}
                return process.make_trial(given, cell, backend, seed, "", [], answer)
            if (backend, seed) == self.broken:
                answer = {"failed": "out of memory"}
                return process.make_trial(given, cell, backend, seed, "1", [], answer)
            curve = []

            def follow(point):
                curve.append(point)
                tell(point)
                if (seed, point.step) == self.stop_at:
                    raise KeyboardInterrupt

            found = serve.perform(given, cell, backend, seed, checkpoint, follow, FakeClock())
            answer = vars(found) | {"other_load": 0.0}
            return process.make_trial(given, cell, backend, seed, "1", curve, answer)

    play = Inline()
    monkeypatch.setattr(process, "train", play)
    return play


def read(path):
    return LearningFile.model_validate_json(path.read_text(encoding="utf-8"))


def test_the_command_writes_a_file_a_page_and_a_picture_and_shows_a_table(tool, tmp_path, inline):
    code, out, err = tool(*TINY, "-b", "numba-cpu", "-o", "new/learning.json")

    assert code == 0
    file = read(tmp_path / "new" / "learning.json")
    assert [(each.backend, each.seed, each.status) for each in file.trials] == [
        ("numba-cpu", 0, "unsolved"),
        ("numba-cpu", 1, "unsolved"),
    ]
    assert (tmp_path / "new" / "learning.md").read_text() == page(file, Shelf("learning"))
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        "learning", "learning.json", "learning.md"
    }  # fmt: skip
    assert "lstm numba-cpu 0 of 2" in out
    assert "lstm numba-cpu seed 0: step 1: loss " in err
    assert inline.stop_at is None


def test_json_and_quiet_show_no_progress(tool, inline):
    code, out, err = tool(*TINY, "-b", "numba-cpu", "--json")
    assert (code, err) == (0, "")
    assert len(LearningFile.model_validate_json(out).trials) == 2

    assert tool(*TINY, "-b", "numba-cpu", "--quiet") == (0, "", "")
    assert inline.fail == ()


@pytest.mark.parametrize("stop_at", [(0, 0), (0, 1), (1, 1)])
def test_an_interrupted_run_goes_on_to_the_same_end(tool, tmp_path, inline, stop_at):
    assert tool(*TINY, "-b", "numba-cpu", "-o", "whole.json", "-q")[0] == 0
    inline.stop_at = stop_at
    code, out, err = tool(*TINY, "-b", "numba-cpu", "-o", "part.json", "-q")

    assert (code, out) == (130, "")
    assert err == "interrupted; go on with: lstmbench learn --resume -o part.json\n"
    assert not (tmp_path / "part.json").exists()
    code, _, err = tool(*TINY, "-b", "numba-cpu", "-o", "part.json", "-q")
    assert (code, err.count("\n")) == (2, 1)
    assert "holds an unfinished run; go on with it (--resume -o part.json)" in err
    code, _, err = tool("learn", "--lr", "0.5", "--resume", "-o", "part.json")
    assert code == 2
    assert "was begun with other options" in err

    inline.stop_at = None
    assert tool("learn", "--resume", "-o", "part.json", "-q") == (0, "", "")
    assert read(tmp_path / "part.json").trials == read(tmp_path / "whole.json").trials
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {f"{stem}{end}" for stem in ("whole", "part") for end in ("", ".json", ".md")}


@pytest.mark.parametrize("stop_at", [None, (1, 1)])
def test_a_trial_that_failed_is_run_again_and_replaced(tool, tmp_path, inline, stop_at):
    assert tool(*TINY, "-b", "numba-cpu", "-o", "whole.json", "-q")[0] == 0
    inline.broken, inline.stop_at = ("numba-cpu", 0), stop_at
    code, _, _ = tool(*TINY, "-b", "numba-cpu", "-o", "part.json", "-q")
    assert code == (4 if stop_at is None else 130)

    inline.broken = inline.stop_at = None
    assert tool("learn", "--resume", "-o", "part.json", "-q") == (0, "", "")
    found, whole = read(tmp_path / "part.json"), read(tmp_path / "whole.json")
    assert (found.trials, found.groups) == (whole.trials, whole.groups)
    code, _, err = tool("learn", "--resume", "-o", "part.json", "-q")
    assert (code, err.count("\n")) == (2, 1)
    assert "part.json is complete: no run was interrupted, no trial failed" in err


def test_what_an_abandoned_run_has_left_is_not_gone_on_with(tool, tmp_path, inline):
    inline.stop_at = (0, 1)
    assert tool(*TINY, "-b", "numba-cpu", "-o", "new.json", "-q")[0] == 130
    (tmp_path / "new.json.unfinished").unlink()
    inline.stop_at = None

    other = (*TINY, "-b", "numba-cpu", "--lr", "0.1", "-q")
    assert tool(*other, "-o", "new.json")[0] == tool(*other, "-o", "fresh.json")[0] == 0
    assert read(tmp_path / "new.json").trials == read(tmp_path / "fresh.json").trials


def test_a_backend_that_is_not_there_is_a_trial_with_a_reason(tool, inline):
    inline.fail = ("torch-cpu", "keras-cpu")
    code, out, err = tool(*TINY, "-q")
    assert (code, out, err) == (0, "", "")

    code, out, err = tool(*TINY, "-b", "torch-cpu", "-q")
    assert (code, out) == (4, "")
    assert err == (
        "incomplete: lstm torch-cpu seed 0 unavailable: torch-cpu: not here; install it "
        "(and 1 more)\n"
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["addin"], "did you mean 'adding'?"),
        (["--cell", "lstn"], "did you mean 'lstm'?"),
        (["-b", "torch"], "did you mean 'torch-cpu'?"),
        (["--lr", "0"], "--lr: expected a number above 0, got 0"),
        (["--lr", "nan"], "--lr: expected a number above 0, got nan"),
        (["--clip", "-1"], "--clip: expected a number above 0, got -1"),
        (["--target", "inf"], "--target: expected a number above 0, got inf"),
        (["--lag", "3"], "expected a lag of 10 to"),
        (["--lag", "-3", "--target", "1"], "expected a lag of 10 to"),
        (["sunspots", "--lag", "20"], "expected no lag, got 20"),
        (["--forget-bias", "nan"], "--forget-bias: expected at most 100, got nan"),
        (["--time-scale", "9", "--forget-bias", "1"], "expected no --forget-bias beside it"),
        (["--dropout", "0.5"], "--dropout: expected --layers 2 or more"),
        (["--dropout", "1", "--layers", "2"], "--dropout: expected 0 to 0.99, got 1"),
        (["--test-lags", "200,5"], "expected a lag of 10 to"),
        (["--test-lags", "20,x"], "--test-lags: expected sizes such as 32,64"),
        (["sunspots", "--test-lags", "20"], "expected no lag, got 20"),
        (["--threads", "100000"], "--threads: expected at most"),
        (["--optimiser", "adamw"], "adamw"),
        (["-o", "page.md"], "-o: expected a file ending in .json, got page.md"),
        (["--resume"], "--resume: expected -o FILE.json"),
        (["--resume", "-o", "none.json"], "no run was interrupted"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(tool, arguments, line):
    code, out, err = tool("learn", *arguments)

    assert (code, out) == (2, "")
    assert line in err
    assert err.count("\n") == 1


def test_an_unfinished_file_cannot_name_files_elsewhere(tool, tmp_path):
    text = a_file().as_file().replace('"torch-cpu"', '"../../torch-cpu"')
    session.unfinished(tmp_path / "theirs.json").write_text(text, encoding="utf-8")

    code, _, err = tool("learn", "--resume", "-o", "theirs.json")
    assert code == 2
    assert "settings.backends[1]" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("options", [(), ("--lag", "11")], ids=["goes on", "other options"])
def test_an_unfinished_file_cannot_command_the_terminal(tool, tmp_path, options):
    text = HOSTILE["unseen"]
    trials = (gone("numba-cpu"), gone(text, "failed", text, cell=text, beyond=at(20, 0.1)))
    theirs = {"environment": describe(), "settings": settings(), "command": text}
    path = session.unfinished(tmp_path / "theirs.json")
    path.write_text(a_file(*trials, **theirs).as_file(), encoding="utf-8")

    code, out, err = tool("learn", *options, "--resume", "-o", "theirs.json")

    told = out + err
    assert code == (2 if options else 4)
    assert "red \N{REPLACEMENT CHARACTER}[31m" in told
    assert all(letter.isprintable() for letter in told.replace("\n", ""))


def test_a_run_of_another_machine_is_not_gone_on_with(tool, tmp_path):
    path = session.unfinished(tmp_path / "theirs.json")
    path.write_text(a_file().as_file(), encoding="utf-8")

    code, _, err = tool("learn", "--resume", "-o", "theirs.json")
    assert code == 2
    assert "expected the machine that began (Imaginary 9000 @ 3.00GHz" in err
