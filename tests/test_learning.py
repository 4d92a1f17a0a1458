"""`lstmbench learn`: its statistics, its page, its table, its command, and what it refuses."""

import re
from html import unescape
from io import StringIO
from statistics import median

import pytest
from conftest import HOSTILE, a_header, assert_golden
from github import assert_renders, rendered
from rich.console import Console
from scipy.stats import binomtest
from test_learning_trial import settings

from lstmbench.learning import process, serve, session
from lstmbench.learning.chart import chart
from lstmbench.learning.page import page
from lstmbench.learning.picture import learning
from lstmbench.learning.records import Beyond, LearningFile, Lesson, Point, Trial
from lstmbench.learning.summary import groups
from lstmbench.learning.table import renderable
from lstmbench.learning.trial import TIMED
from lstmbench.learning.view import LiveCurve, PlainLines, Quiet, watcher
from lstmbench.machine.environment import describe
from lstmbench.report.pictures import DARK, LIGHT
from lstmbench.report.shelf import Shelf
from lstmbench.statistics.order import proportion_interval
from lstmbench.timing.clock import FakeClock

TINY = (
    "learn", "adding", "--lag", "10", "--hidden-size", "4", "--batch-size", "4",
    "--every", "1", "--threads", "1", "--seeds", "2", "--max-steps", "2",
)  # fmt: skip


def a_trial(backend="numba-cpu", seed=0, seconds=2.0, status="solved", cell="lstm", **given):
    solved = status == "solved"
    curve = (
        Point(step=0, seconds=0.0, loss=None, score=0.5),
        Point(step=50, seconds=(seconds or 4.0) / 2, loss=0.2, score=0.17),
        Point(step=100, seconds=seconds or 4.0, loss=0.01, score=0.009 if solved else 0.16),
    )
    fields = {
        "cell": cell,
        "backend": backend,
        "backend_version": "1",
        "seed": seed,
        "status": status,
        "reason": "" if solved else "the target was not reached in 100 steps",
        "steps_to_target": 100 if solved else None,
        "seconds_to_target": seconds if solved else None,
        "sequences_per_s": 1600.0 / (seconds or 4.0),
        "initial_score": curve[0].score,
        "final_score": curve[-1].score,
        "other_load": 0.01,
        "curve": curve,
    }
    return Trial(**{**fields, **given})


def at(lag, score):
    """How a trial did at another lag."""
    below = score is not None and score < 0.01
    return (Beyond(lag=lag, score=score, below_target=below, trivial=1 / 6),)


def gone(backend="keras-cpu", status="unavailable", reason="keras is not installed", **given):
    nothing = dict.fromkeys(("sequences_per_s", "initial_score", "final_score", "other_load"))
    return a_trial(
        backend, status=status, reason=reason, curve=(), backend_version="", **nothing, **given
    )


def a_file(*trials, **given):
    trials = trials or (
        a_trial(seed=0, seconds=2.0),
        a_trial("torch-cpu", seed=0, seconds=3.0),
        gone(),
        a_trial(seed=1, seconds=4.0),
        a_trial("torch-cpu", seed=1, status="unsolved", seconds=None),
    )
    fields = {
        "created": "2026-01-02T03:04:05+00:00",
        "command": "lstmbench learn",
        "environment": a_header().environment,
        "settings": settings(backends=("numba-cpu", "torch-cpu", "keras-cpu"), seeds=2),
        "lesson": Lesson(
            description="the sum of two marked numbers",
            source="a paper",
            metric="mean squared error",
            trivial=1 / 6,
            baselines={"the second number alone": 1 / 12},
            test_size=256,
        ),
        "timed": "training steps",
        "trials": trials,
        "groups": groups(trials),
    }
    return LearningFile(**{**fields, **given})


# --- statistics


@pytest.mark.parametrize(("count", "of"), [(0, 10), (3, 3), (4, 5), (7, 20), (1, 1)])
def test_the_interval_of_a_share_is_that_of_scipy(count, of):
    exact = binomtest(count, of).proportion_ci(0.95, method="exact")

    assert proportion_interval(count, of) == pytest.approx((exact.low, exact.high))


def test_there_is_no_share_of_nothing():
    with pytest.raises(ValueError, match="expected 0 <= count <= of and of > 0, got 0 of 0"):
        proportion_interval(0, 0)


def test_a_group_counts_its_seeds_and_an_unsolved_one_is_later_than_any():
    ours, torch, keras = a_file().groups

    assert (ours.trials, ours.solved, ours.success_rate) == (2, 2, 1.0)
    assert (torch.final_score_median, torch.final_score_range) == (0.0845, (0.009, 0.16))
    assert ours.seconds_median == median((2.0, 4.0))
    assert ours.seconds_range == (2.0, 4.0)
    assert (torch.solved, torch.success_rate, torch.seconds_median) == (1, 0.5, None)
    assert torch.seconds_range == (3.0, 3.0)
    assert (keras.trials, keras.success_rate, keras.success_ci95) == (0, None, None)


def test_the_median_is_there_while_most_are_solved():
    trials = [a_trial(seed=n, seconds=float(n + 1)) for n in range(4)]
    (found,) = groups([*trials, a_trial(seed=4, status="diverged")])

    assert (found.seconds_median, found.solved, found.trials) == (3.0, 4, 5)


def test_times_are_beside_ours_for_each_seed_that_both_solved():
    ours, torch, _ = a_file().groups

    assert ours.ratios == ()
    assert [(each.seed, each.ratio) for each in torch.ratios] == [(0, 1.5)]


# --- what is shown


def test_the_page_is_the_golden_one_and_renders():
    text = page(a_file(), Shelf("learning"))

    assert_golden("learning.md", text)
    assert_renders(text)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"forget_bias": 1.0}, "The forget gates of an LSTM begin with a bias of 1."),
        ({"dropout": 0.25}, "Between a layer and the next 25 % of the numbers are dropped in"),
        ({"time_scale": 999}, "each unit remembers for about u steps, u drawn from 1 to 999 (Tall"),
    ],
)
def test_the_page_says_what_was_asked_for(given, words):
    assert words in page(a_file(settings=settings(**given)))
    assert words not in page(a_file())


def test_other_lags_have_a_table_of_their_own_on_the_page_and_on_the_terminal():
    trials = [
        a_trial(seed=n, beyond=at(200, score) + at(500, None))
        for n, score in enumerate((0.005, 0.009, 0.02))
    ]
    file = a_file(*trials, gone())

    text, shown = page(file), text_of(renderable(file))
    assert "| lstm | numba-cpu | 200 | 0.00900 (0.00500 to 0.0200) | 2 of 3 | 0.167 |" in text
    assert "| lstm | numba-cpu | 500 | – | 0 of 3 | 0.167 |" in text
    assert re.search(r"numba-cpu +200 0\.00900 \(0\.00500 to 0\.0200\) +2 of 3 +0\.167", shown)
    assert "below the target" not in page(a_file()) + text_of(renderable(a_file()))


def test_the_page_says_all_of_what_is_inside_the_time():
    assert f"Inside the time: {TIMED}. " in unescape(page(a_file(timed=TIMED)))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_text(name):
    def tags(text):
        lesson = a_file().lesson
        words = {"description": text, "source": text, "metric": text, "baselines": {text: 1.0}}
        file = a_file(
            a_trial(text, cell=text, beyond=at(20, 0.1)),
            gone(text, "failed", text),
            command=text,
            created=text,
            timed=text,
            lesson=lesson.model_copy(update=words),
            settings=settings(task=text),
        )
        return re.findall(r"<[^>]*>", rendered(page(file)))

    assert tags(HOSTILE[name]) == tags("word")


def test_the_picture_is_the_same_twice_and_names_every_backend():
    file = a_file()

    for theme in (LIGHT, DARK):
        svg = learning(file).svg(theme)
        assert svg == learning(file).svg(theme)
        assert "torch-cpu" in svg
        assert "target 0.0100" in svg


@pytest.mark.parametrize(
    ("score", "target", "trivial"),
    [(0.0, 1e-30, 0.0), (1e300, 1e300, 1.0), (1e300, 0.1, 0.2), (5e-324, 5e-324, 5e-324)],
)
def test_any_scores_make_a_picture(score, target, trivial):
    curve = (*a_trial().curve[:2], Point(step=9, seconds=1e9, loss=score, score=score))
    file = a_file(
        a_trial(curve=curve, final_score=score),
        settings=settings(target=target),
        lesson=a_file().lesson.model_copy(update={"trivial": trivial}),
    )

    assert learning(file).svg(LIGHT).count("numba-cpu") > 0
    assert_renders(page(file, Shelf("learning")))


def test_times_beside_a_busy_machine_are_doubted():
    calm, busy = a_file(), a_file(a_trial(other_load=1.25))

    assert "in doubt" not in page(calm)
    assert "other processes kept up to 1.2 of 4 cores busy meanwhile" in page(busy)


def a_console(**given):
    return Console(file=StringIO(), width=100, **given)


def text_of(renderable):
    console = a_console()
    console.print(renderable)
    return console.file.getvalue()


def test_the_table_has_a_line_for_each_backend():
    lines = text_of(renderable(a_file())).splitlines()

    assert re.match(r"lstm numba-cpu +2 of 2 +3\.00 s \(2\.00 s to 4\.00 s\) +100 +– *$", lines[1])
    assert re.match(r"lstm torch-cpu +1 of 2 +3\.00 s where solved +– +1\.50× *$", lines[2])
    assert re.match(r"lstm keras-cpu +0 of 0 +– +– +– *$", lines[3])


def test_a_chart_falls_as_its_values_do():
    assert chart([100.0, 10.0, 1.0], width=3, height=2) == ["█▁ ", "██▁"]
    assert chart([5.0, 5.0], width=2, height=2) == ["  ", "▁▁"]
    assert [len(line) for line in chart([float(n + 1) for n in range(1000)], width=50)] == [50] * 6


def test_what_is_shown_suits_where_it_goes():
    assert type(watcher(a_console(force_terminal=True), 1.0, quiet=False)) is LiveCurve
    assert type(watcher(a_console(force_terminal=False), 1.0, quiet=False)) is PlainLines
    assert type(watcher(a_console(force_terminal=True), 1.0, quiet=True)) is Quiet


def test_a_terminal_shows_the_curve_and_then_what_came_of_it():
    console, trial = a_console(force_terminal=True), a_trial()
    view = watcher(console, 0.01, quiet=False)
    with view.showing():
        view.started(trial.name)
        for point in trial.curve:
            view.point(point)
        curve = text_of(view._live.renderable)
        view.ended(trial)

    assert "lstm numba-cpu seed 0: step 100: loss 0.0100, score 0.00900, 2.00 s" in curve
    assert "█" in curve
    assert "lstm numba-cpu seed 0: solved at step 100 after 2.00 s" in console.file.getvalue()


# --- the command


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


def test_a_trial_runs_in_a_process_of_its_own(tmp_path):
    points = []
    given = settings(every=1, max_steps=2, target=1e-9)
    path = tmp_path / "trial.npz"
    found = process.train(given, "lstm", "numba-cpu", 0, path, points.append)

    here = serve.perform(given, "lstm", "numba-cpu", 0, None, lambda _point: None, FakeClock())
    assert found.status == "unsolved"
    assert found.curve == tuple(points)
    assert [(p.step, p.loss, p.score) for p in found.curve] == [
        (p.step, p.loss, p.score) for p in here.curve
    ]
    assert found.sequences_per_s > 0
    assert path.exists()


def test_what_goes_wrong_in_that_process_is_in_the_trial(tmp_path):
    path = tmp_path / "trial.npz"
    path.write_bytes(b"nothing")
    found = process.train(settings(), "lstm", "numba-cpu", 0, path, lambda _point: None)

    assert found.status == "failed"
    assert found.reason.startswith("ResultFormatError: ")
    assert "not a checkpoint" in found.reason
    assert found.curve == ()


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
