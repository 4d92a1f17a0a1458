"""`lstmbench gradients`: its file, its page, its table, and what it refuses."""

import json
import re
from io import StringIO
from statistics import median
from xml.etree import ElementTree

import pytest
from conftest import HOSTILE, a_header, assert_golden
from github import assert_renders, rendered
from learning_files import LESSON
from rich.console import Console

from lstmbench.gradients.curves import Networks, measure
from lstmbench.gradients.page import page
from lstmbench.gradients.picture import gains
from lstmbench.gradients.records import Curve, GradientsFile, Training
from lstmbench.gradients.summary import bands, outcomes, words
from lstmbench.gradients.table import renderable
from lstmbench.gradients.wording import ended
from lstmbench.report.pictures import DARK, LIGHT
from lstmbench.report.shelf import Shelf

SMALL = ("--cell", "rnn-tanh,lstm", "--hidden-size", "4", "--lags", "1,4", "--seeds", "2")


def a_curve(cell="rnn-tanh", bias=None, seed=0, hidden=(0.5, 0.01, 0.0), cell_state=(), **given):
    return Curve(
        cell=cell,
        forget_bias=bias,
        seed=seed,
        hidden=tuple(hidden),
        cell_state=tuple(cell_state),
        **given,
    )


def a_file(*curves, **given):
    fields = {
        "created": "2026-01-02T03:04:05+00:00",
        "command": "lstmbench gradients",
        "environment": a_header().environment,
        "hidden_size": 4,
        "lags": (1, 10, 1000),
        "curves": curves
        or (
            a_curve(seed=0),
            a_curve(seed=1, hidden=(0.7, 0.03, 0.0)),
            a_curve(seed=2, hidden=(0.6, 0.02, 1e-9)),
            a_curve("lstm", 3.0, 0, (0.1, 0.05, 0.01), (0.95, 0.8, 1.25)),
        ),
    }
    return GradientsFile(**{**fields, **given})


def a_training(**given):
    fields = {
        "task": "adding",
        "lag": 100,
        "steps": 2000,
        "batch_size": 32,
        "optimiser": "adam",
        "lr": 0.01,
        "clip": 1.0,
        "target": 0.01,
        "lesson": LESSON,
    }
    return Training(**{**fields, **given})


def a_trained_file(**given):
    """An RNN that has not learnt, and an LSTM of which one seed has, and one has diverged."""
    diverged = "diverged: step 7: the loss is inf"
    curves = (
        a_curve(score=1.0),
        a_curve(steps=2000, score=0.17, hidden=(0.4, 2e-6, 0.0)),
        a_curve("lstm", 1.0, 0, (0.1, 0.05, 0.0), (0.7, 0.1, 1e-9), score=0.9),
        a_curve("lstm", 1.0, 0, (0.2, 0.06, 0.01), (0.9, 1.5, 1.25), steps=2000, score=0.002),
        a_curve("lstm", 1.0, 1, (0.1, 0.03, 0.0), (0.7, 0.2, 1e-9), score=0.8),
        a_curve("lstm", 1.0, 1, (), steps=7, reason=diverged),
    )
    return a_file(*given.pop("curves", curves), training=given.pop("training", a_training()))


def terminal(file):
    console = Console(width=80, file=StringIO())
    console.print(renderable(file))
    return console.file.getvalue()


def test_every_cell_forget_bias_and_seed_has_a_curve_and_only_an_lstm_a_forget_bias():
    networks = Networks(["gru", "lstm"], [None, 1.0], seeds=2, hidden_size=3)
    found = list(measure(networks, [1, 2]))

    assert [(each.cell, each.forget_bias, each.seed) for each in found] == [
        ("gru", None, 0),
        ("gru", None, 1),
        ("lstm", None, 0),
        ("lstm", None, 1),
        ("lstm", 1.0, 0),
        ("lstm", 1.0, 1),
    ]
    assert [len(each.cell_state) for each in found] == [0, 0, 2, 2, 2, 2]
    assert list(measure(Networks(["gru"], [1.0], 2, 3), [1, 2])) == found[:2]


def test_a_band_has_the_middle_and_the_ends_of_the_seeds():
    rnn, of_h, of_c = bands(a_file())

    assert (rnn.network, rnn.state) == ("rnn-tanh", "h")
    assert rnn.middle == (median((0.5, 0.6, 0.7)), 0.02, 0.0)
    assert (rnn.least[1], rnn.most[1]) == (0.01, 0.03)
    assert (of_h.network, of_h.state) == ("lstm, forget bias 3", "h")
    assert (of_c.state, of_c.middle) == ("c", (0.95, 0.8, 1.25))


def test_a_fresh_network_has_a_band_and_a_trained_one_another():
    found = bands(a_trained_file())

    assert [(each.network, each.state, each.trained) for each in found] == [
        ("rnn-tanh", "h", False),
        ("rnn-tanh", "h", True),
        ("lstm, forget bias 1", "h", False),
        ("lstm, forget bias 1", "h", True),
        ("lstm, forget bias 1", "c", False),
        ("lstm, forget bias 1", "c", True),
    ]
    assert found[2].middle == (0.1, median((0.05, 0.03)), 0.0)
    assert found[3].middle == (0.2, 0.06, 0.01)


def test_a_task_is_solved_with_the_seeds_whose_scores_are_below_the_target():
    rnn, lstm = outcomes(a_trained_file())

    assert (rnn.network, rnn.seeds, rnn.solved, rnn.scores) == ("rnn-tanh", 1, 0, (0.17,))
    assert (lstm.seeds, lstm.solved, lstm.scores) == (2, 1, (0.002,))
    assert outcomes(a_file()) == []


def test_a_file_from_before_there_was_training_is_one_without():
    text = json.loads(a_file().as_file())
    del text["training"]
    for each in text["curves"]:
        for name in ("steps", "score", "reason"):
            del each[name]

    assert GradientsFile.model_validate_json(json.dumps(text)) == a_file()


@pytest.mark.parametrize(
    ("gain", "text"),
    [(0.423, "42.3 %"), (1.0, "100 %"), (1.7, "1.70×"), (3.1e-9, "3e-09"), (0.0, "nothing")],
)
def test_a_gain_is_told_as_a_person_would(gain, text):
    assert words(gain) == text


def test_the_page_is_the_golden_one_and_renders():
    text = page(a_file(), Shelf("gradients"))

    assert_golden("gradients.md", text)
    assert_renders(text)


def test_the_page_of_trained_networks_is_the_golden_one_and_renders():
    text = page(a_trained_file(), Shelf("gradients"))

    assert_golden("gradients-trained.md", text)
    assert_renders(text)


def test_networks_that_all_diverged_make_a_page_and_a_picture():
    fresh, diverged = a_curve(score=1.0), a_curve(hidden=(), steps=7, reason="diverged")
    nothing = page(a_trained_file(curves=(diverged,)), Shelf("gradients"))
    file = a_trained_file(curves=(fresh, diverged))

    assert "1 % of ∂h is left before training, nobody knows what after it" in page(file)
    assert "solved with 0 of 1 seeds: mean squared error –" in page(file)
    assert "∂h(T−k), trained" not in gains(file).svg(LIGHT)
    assert "rnn-tanh, seed 0: diverged" in nothing
    assert "<picture>" not in nothing


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_text(name):
    def tags(text):
        file = a_file(a_curve(cell=text), command=text, created=text)
        return re.findall(r"<[^>]*>", rendered(page(file)))

    assert tags(HOSTILE[name]) == tags("word")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_of_a_task_is_text(name):
    def tags(text):
        known = a_training().lesson
        words = {"description": text, "source": text, "metric": text, "baselines": {text: 0.1}}
        file = a_trained_file(
            curves=(a_curve(cell=text), a_curve(cell=text, hidden=(), steps=1, reason=text)),
            training=a_training(task=text, lesson=known.model_copy(update=words)),
        )
        return re.findall(r"<[^>]*>", rendered(page(file)))

    assert tags(HOSTILE[name]) == tags("word")


def test_hostile_names_are_text_in_the_picture_and_on_the_terminal():
    def file(texts):
        curves = [a_curve(cell=text, seed=n) for n, text in enumerate(texts)]
        task = a_training(task=" ".join(texts))
        return a_trained_file(curves=(*curves, a_curve(steps=1, score=0.1)), training=task)

    def elements(file):
        return [each.tag for each in ElementTree.fromstring(gains(file).svg(LIGHT)).iter()]

    hostile = file(HOSTILE.values())

    assert elements(hostile) == elements(file([f"word {n}" for n in range(len(HOSTILE))]))
    text = terminal(hostile)
    assert all(letter.isprintable() for letter in text.replace("\n", ""))
    assert all(ended(each).isprintable() for each in hostile.curves)


def test_the_picture_is_the_same_twice_and_names_every_network():
    file = a_file()
    picture = gains(file)

    for theme in (LIGHT, DARK):
        svg = picture.svg(theme)
        assert svg == gains(file).svg(theme)
        assert "rnn-tanh" in svg
        assert "lstm, forget bias 3" in svg


def test_the_picture_of_trained_networks_has_them_below_the_fresh_ones():
    fresh, trained = gains(a_file()), gains(a_trained_file())

    assert trained.height == 2 * fresh.height
    for state in ("h", "c"):
        for when in ("at initialisation", "trained"):
            assert f"∂{state}(T) / ∂{state}(T−k), {when}" in trained.svg(DARK)


def test_the_table_has_a_trained_network_below_the_fresh_one_and_says_what_was_solved():
    lines = terminal(a_trained_file()).splitlines()

    assert [line[:22].rstrip() for line in lines[1:7]] == [
        "rnn-tanh ∂h",
        "  trained",
        "lstm, forget bias 1 ∂h",
        "  trained",
        "lstm, forget bias 1 ∂c",
        "  trained",
    ]
    solved = "solved, mean squared error below 0.0100: rnn-tanh: 0 of 1; lstm, forget bias 1: 1 of"
    assert solved in " ".join(" ".join(lines[7:]).split())


def test_the_command_writes_a_file_a_page_and_a_picture_and_shows_a_table(tool, tmp_path):
    code, out, err = tool("gradients", *SMALL, "-o", "flow.json")

    assert (code, err) == (0, "")
    file = GradientsFile.model_validate_json((tmp_path / "flow.json").read_text())
    assert [len(each.hidden) for each in file.curves] == [2] * 8
    assert (tmp_path / "flow.md").read_text() == page(file, Shelf("flow"))
    assert len(list((tmp_path / "flow").iterdir())) == 2
    for band in bands(file):
        assert words(band.middle[-1]) in out


def test_the_command_trains_and_tells_what_came_of_it(tool, tmp_path):
    given = (*SMALL[:4], "--seeds", "1", "--forget-bias", "1", "--task", "adding", "--lag", "10")
    code, out, err = tool("gradients", *given, "--steps", "3", "-o", "new/flow.json")

    assert code == 0
    file = GradientsFile.model_validate_json((tmp_path / "new/flow.json").read_text())
    assert [each.steps for each in file.curves] == [0, 3, 0, 3]
    assert file.lags == (1, 2, 3, 5, 10, 20)
    assert (file.training.task, file.training.lag, file.training.steps) == ("adding", 10, 3)
    assert (tmp_path / "new/flow.md").read_text() == page(file, Shelf("flow"))
    assert err.splitlines() == [ended(each) for each in file.curves if each.steps]
    assert out.count("trained") == 3
    quiet = tool("gradients", *given, "--steps", "3", "--quiet")
    assert quiet == (0, "", "")


def test_the_same_command_measures_the_same(tool):
    def curves():
        return json.loads(tool("gradients", *SMALL, "--json")[1])["curves"]

    assert curves() == curves()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--cell", "lstn"], "lstm"),
        (["--forget-bias", "big"], "--forget-bias: expected numbers or default, got 'big'"),
        (["--forget-bias", "nan"], "--forget-bias: expected at most 100, got nan"),
        (["--lags", "0"], "lags: expected"),
        (["--lags", "20000"], "--lags: expected at most 10000, got 20000"),
        (["--task", "addin"], "adding"),
        (["--task", "adding", "--lag", "3"], "expected a lag of 10"),
        (["--task", "adding", "--lags", "1,111"], "--lags: expected at most 110, got 111"),
        (["--task", "adding", "--lr", "0"], "--lr: expected a number above 0, got 0"),
        (["--lag", "10"], "--lag: expected --task beside it"),
        (["--batch-size", "10"], "--batch-size: expected --task beside it"),
        (["-o", "."], "expected a file ending in .json"),
        (["-o", "page.md"], "-o: expected a file ending in .json, got page.md"),
    ],
)
def test_what_cannot_be_measured_is_told_in_one_line(tool, arguments, line):
    code, out, err = tool("gradients", *arguments)

    assert (code, out) == (2, "")
    assert line in err
    assert err.count("\n") == 1
