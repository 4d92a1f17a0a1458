"""What networks learnt: its statistics, its page, its table, and the processes of trials."""

import re
from html import unescape
from io import StringIO
from statistics import median

import pytest
from conftest import HOSTILE, assert_golden
from github import assert_renders, rendered
from learning_files import a_file, a_trial, at, gone, settings
from rich.console import Console
from scipy.stats import binomtest

from lstmbench.learning import process, serve
from lstmbench.learning.chart import chart
from lstmbench.learning.page import page
from lstmbench.learning.picture import learning
from lstmbench.learning.records import Point
from lstmbench.learning.summary import groups
from lstmbench.learning.table import renderable
from lstmbench.learning.trial import TIMED
from lstmbench.learning.view import LiveCurve, PlainLines, Quiet, watcher
from lstmbench.report.pictures import DARK, LIGHT
from lstmbench.report.shelf import Shelf
from lstmbench.statistics.order import proportion_interval
from lstmbench.timing.clock import FakeClock

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


# --- the process of a trial


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
