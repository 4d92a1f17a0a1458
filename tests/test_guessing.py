"""Weights guessed at random: networks that are right are found, others are not."""

import json
import re
from math import exp

import numpy as np
import pytest
from conftest import HOSTILE, a_header, assert_golden
from github import assert_renders, rendered

from lstmbench.guessing import network, search, session
from lstmbench.guessing.page import page
from lstmbench.guessing.records import Guess, GuessesFile
from lstmbench.tasks import load

SMALL = ("--lag", "10", "--seeds", "2", "--max-guesses", "3000")
# u, a, b, c, v, d, e: the hidden unit is on where a one comes after an even number of ones.
PARITY = 20.0 * np.array([[1, 0, -2, 0, -1, 3, 3]])
LAST_BIT = 20.0 * np.array([[0, 0, 0, 0, 1, 0, 0]])


def a_guess(seed=0, guesses=120, seconds=0.03, score=0.0, weights=tuple(PARITY[0])):
    return Guess(
        seed=seed,
        guesses=guesses,
        seconds=seconds,
        solved=score == 0,
        score=score,
        weights=weights,
    )


def a_file(*guesses, **given):
    measured = session.measure("parity", lag=10, seeds=1, max_guesses=1)
    fields = {
        "created": "2026-01-02T03:04:05+00:00",
        "command": "lstmbench guess",
        "environment": a_header().environment,
        "guesses": guesses
        or (
            a_guess(0),
            a_guess(1, guesses=40, seconds=0.02, score=0.5),
            a_guess(2, guesses=5000, seconds=0.4, score=None, weights=()),
        ),
    }
    return measured.model_copy(update={**fields, **given})


def guess(seed=0, chunk=search.CHUNK, **given):
    """What comes of a seed, but for its time."""
    task = load("parity", lag=10)
    settings = a_file().settings.model_copy(update={"max_guesses": 3000, **given})
    found = search.guess(task, task.test_set(), settings, seed, chunk)
    return found.model_copy(update={"seconds": 0.0})


def said(weights, sequence):
    """One network on one sequence (T, I), step by step and unit by unit."""
    size = sequence.shape[1]
    u, (a, b, c), v, (d, e) = np.split(weights, [size, size + 3, 2 * size + 3])
    h = y = 0.0
    for x in sequence.astype(float):
        h = np.tanh(np.dot(u, x) + a * h + b * y + c)
        y = 1 / (1 + exp(-(np.dot(v, x) + d * h + e * y)))
    return y


@pytest.mark.parametrize("lag", [11, 500])
def test_a_network_that_computes_parity_is_found_and_solves_the_task(lag):
    task = load("parity", lag=lag)
    networks = np.concatenate([LAST_BIT, PARITY, -PARITY, PARITY])

    assert search.right(networks, task.batch(np.random.default_rng(0), 100)).tolist() == [1, 3]
    assert search.tested(PARITY[0], task, task.test_set()) == 0
    assert 0.3 < search.tested(LAST_BIT[0], task, task.test_set()) < 0.7


@pytest.mark.parametrize("name", ["parity", "delayed-xor"])
def test_many_networks_at_once_say_what_each_says_alone(name):
    task, rng = load(name, lag=10), np.random.default_rng(0)
    batch = task.batch(rng, 6)
    weights = network.draw(rng, 400, task.input_size)
    # Saturated units hide mistakes: half of the networks have small weights.
    weights[::2] /= 50

    alone = np.array([[said(each, x) for x in batch.x.swapaxes(0, 1)] for each in weights])
    np.testing.assert_allclose(network.outputs(weights, batch.x), alone, atol=1e-9)
    near = (np.abs(alone - batch.targets) < 0.1).all(axis=1)
    assert search.right(weights, batch).tolist() == np.flatnonzero(near).tolist()
    assert near.sum() in range(1, 200)


def test_a_seed_finds_the_same_network_whatever_is_drawn_at_once():
    assert guess(0) == guess(0, chunk=37) == guess(0, chunk=300)
    assert guess(0).weights != guess(1).weights


def test_the_network_found_is_the_last_that_was_drawn():
    found = guess(0)

    assert found.solved
    assert guess(0, max_guesses=found.guesses) == found
    missed = guess(0, max_guesses=found.guesses - 1)
    assert (missed.guesses, missed.score, missed.weights) == (found.guesses - 1, None, ())
    assert not missed.solved


def test_a_network_that_is_right_in_training_alone_solves_nothing():
    lucky = guess(0, sequences=2)

    assert lucky.score > 0.1
    assert not lucky.solved


def test_the_page_is_the_golden_one_and_renders():
    text = page(a_file())

    assert_golden("guesses.md", text)
    assert_renders(text)


def test_where_nothing_was_found_the_page_says_so():
    none = a_guess(guesses=5000, score=None, weights=())

    assert "- found: none of 10000 networks\n" in page(a_file(none, none))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_text(name):
    def tags(text):
        file = a_file(command=text, created=text)
        settings = file.settings.model_copy(update={"task": text, "network": text})
        lesson = file.lesson.model_copy(
            update={"description": text, "source": text, "metric": text}
        )
        hostile = file.model_copy(update={"settings": settings, "lesson": lesson})
        return re.findall(r"<[^>]*>", rendered(page(hostile)))

    assert tags(HOSTILE[name]) == tags("word")


def test_the_command_writes_a_file_and_a_page_and_shows_what_came_of_it(tool, tmp_path):
    code, out, err = tool("guess", *SMALL, "-o", "new/guesses.json")

    assert code == 0
    file = GuessesFile.model_validate_json((tmp_path / "new" / "guesses.json").read_text())
    assert [each.solved for each in file.guesses] == [True, True]
    assert (tmp_path / "new" / "guesses.md").read_text() == page(file)
    assert "with 2 of 2 seeds" in out
    assert [line.split(":")[0] for line in err.splitlines()] == ["seed 0", "seed 1"]


def test_json_is_the_file_and_quiet_is_quiet(tool):
    code, out, err = tool("guess", *SMALL, "--json")

    assert (code, err) == (0, "")
    assert json.loads(out)["schema"] == "lstmbench/guesses"
    assert tool("guess", *SMALL, "--quiet") == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["adding"], "task adding: expected one of two classes"),
        (["temporal-order"], "told at the end of a sequence (delayed-xor, parity)"),
        (["--lag", "5"], "task parity: expected a lag of 10 to"),
        (["-o", "."], "-o: expected a file ending in .json, got ."),
        (["-o", "page.json/x.json"], "page.json: cannot be a folder"),
        (["-o", "page.md"], "-o: expected a file ending in .json, got page.md"),
        (["--max-guesses", "0"], "'--max-guesses'"),
    ],
)
def test_what_cannot_be_guessed_is_told_in_one_line(tool, tmp_path, arguments, line):
    (tmp_path / "page.json").write_text("")
    code, out, err = tool("guess", *arguments)

    assert (code, out) == (2, "")
    assert line in err
    assert err.count("\n") == 1
