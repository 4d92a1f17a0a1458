"""`lstmbench gradients`: its file, its page, its table, and what it refuses."""

import json
from statistics import median

import pytest
from conftest import HOSTILE, a_header, assert_golden
from github import assert_renders, rendered

from lstmbench.gradients.curves import measure
from lstmbench.gradients.page import page
from lstmbench.gradients.records import Curve, GradientsFile
from lstmbench.gradients.summary import bands, words
from lstmbench.report.pictures import DARK, LIGHT
from lstmbench.report.pictures.gains import gains
from lstmbench.report.shelf import Shelf

SMALL = ("--cell", "rnn-tanh,lstm", "--hidden-size", "4", "--lags", "1,4", "--seeds", "2")


def a_curve(cell="rnn-tanh", bias=None, seed=0, hidden=(0.5, 0.01, 0.0), cell_state=()):
    return Curve(
        cell=cell, forget_bias=bias, seed=seed, hidden=tuple(hidden), cell_state=tuple(cell_state)
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


def test_every_cell_forget_bias_and_seed_has_a_curve_and_only_an_lstm_a_forget_bias():
    found = list(measure(["gru", "lstm"], [None, 1.0], hidden_size=3, lags=[1, 2], seeds=2))

    assert [(each.cell, each.forget_bias, each.seed) for each in found] == [
        ("gru", None, 0),
        ("gru", None, 1),
        ("lstm", None, 0),
        ("lstm", None, 1),
        ("lstm", 1.0, 0),
        ("lstm", 1.0, 1),
    ]
    assert [len(each.cell_state) for each in found] == [0, 0, 2, 2, 2, 2]
    assert list(measure(["gru"], [1.0], hidden_size=3, lags=[1, 2], seeds=2)) == found[:2]


def test_a_band_has_the_middle_and_the_ends_of_the_seeds():
    rnn, of_h, of_c = bands(a_file())

    assert (rnn.network, rnn.state) == ("rnn-tanh", "h")
    assert rnn.middle == (median((0.5, 0.6, 0.7)), 0.02, 0.0)
    assert (rnn.least[1], rnn.most[1]) == (0.01, 0.03)
    assert (of_h.network, of_h.state) == ("lstm, forget bias 3", "h")
    assert (of_c.state, of_c.middle) == ("c", (0.95, 0.8, 1.25))


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


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_text(name):
    import re

    def tags(text):
        file = a_file(a_curve(cell=text), command=text, created=text)
        return re.findall(r"<[^>]*>", rendered(page(file)))

    assert tags(HOSTILE[name]) == tags("word")


def test_the_picture_is_the_same_twice_and_names_every_network():
    file = a_file()
    picture = gains(bands(file), file.lags)

    for theme in (LIGHT, DARK):
        svg = picture.svg(theme)
        assert svg == gains(bands(file), file.lags).svg(theme)
        assert "rnn-tanh" in svg
        assert "lstm, forget bias 3" in svg


def test_the_command_writes_a_file_a_page_and_a_picture_and_shows_a_table(tool, tmp_path):
    code, out, err = tool("gradients", *SMALL, "-o", "flow.json")

    assert (code, err) == (0, "")
    file = GradientsFile.model_validate_json((tmp_path / "flow.json").read_text())
    assert [len(each.hidden) for each in file.curves] == [2] * 8
    assert (tmp_path / "flow.md").read_text() == page(file, Shelf("flow"))
    assert len(list((tmp_path / "flow").iterdir())) == 2
    for band in bands(file):
        assert words(band.middle[-1]) in out


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
        (["-o", "page.md"], "-o: expected a file ending in .json, got page.md"),
    ],
)
def test_what_cannot_be_measured_is_told_in_one_line(tool, arguments, line):
    code, out, err = tool("gradients", *arguments)

    assert (code, out) == (2, "")
    assert line in err
    assert err.count("\n") == 1
