"""A/A: what differs between two copies of the same backend is told, and what it means."""

import pytest
from conftest import (
    HOSTILE,
    a_plan,
    a_row,
    a_workload,
    as_result,
    assert_golden,
    bad_row,
    contenders,
)
from inline import InlineWorker, Recorder

from lstmbench.analysis import summary, twins
from lstmbench.labels import first_of_kinds, kind_of
from lstmbench.records import Settings
from lstmbench.report.page import markdown
from lstmbench.report.twins import section
from lstmbench.running import run

FIRST, AGAIN = "numba-cpu", "numba-cpu@again"


def pair(ratio, seq_len=3, names=(FIRST, AGAIN), seconds=0.001):
    workload = a_workload(seq_len=seq_len)
    return [
        a_row(workload, backend=names[0], seconds=seconds),
        a_row(workload, backend=names[1], seconds=seconds * ratio),
    ]


def pairs(*ratios):
    return [row for n, ratio in enumerate(ratios, start=1) for row in pair(ratio, n)]


def found(rows):
    return twins.twins_of(summary.lines_of(rows))


# --- which are twins


def test_the_kind_of_a_backend_is_its_name_without_the_label():
    assert [kind_of(name) for name in (FIRST, AGAIN, "a@b@c", "")] == [FIRST, FIRST, "a", ""]
    assert first_of_kinds(["numpy", FIRST, AGAIN]) == {"numpy": "numpy", FIRST: FIRST}
    assert first_of_kinds([AGAIN, FIRST]) == {FIRST: AGAIN}


def test_the_second_is_set_beside_the_first_of_its_kind():
    rows = [a_row(backend="numpy"), *pair(1.1), a_row(backend="numba-cpu@third", seconds=0.0009)]

    assert [(each.first.backend, each.second.backend) for each in found(rows)] == [
        (FIRST, AGAIN),
        (FIRST, "numba-cpu@third"),
    ]
    assert [each.ratio.value for each in found(rows)] == pytest.approx([1.1, 0.9])


def test_without_two_times_of_a_kind_there_are_no_twins():
    assert found([a_row(backend=AGAIN), a_row(backend="numpy")]) == []
    assert found([a_row(backend=FIRST), bad_row("failed", backend=AGAIN)]) == []
    assert list(section(summary.lines_of([a_row()]))) == []


def test_rows_of_other_work_or_threads_are_no_twins():
    assert found([a_row(backend=FIRST, threads=1), a_row(backend=AGAIN, threads=2)]) == []


# --- what they say


def test_within_noise_is_within_three_in_a_hundred_both_ways():
    near = [each.is_within_noise for each in found(pairs(0.969, 0.971, 1.0, 1.029, 1.031))]

    assert near == [False, True, True, True, False]


def test_an_interval_that_does_not_hold_one_is_counted():
    holding = [each.interval_holds_one for each in found(pairs(1.0, 1.02, 0.98, 1.2, 0.8))]

    assert holding == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("ratios", "resolution"),
    [
        ((1.0, 1.02, 0.8), 1.25),
        ((*(19 * [1.01]), 2.0), 1.01),
        ((*(18 * [1.01]), 1.5, 2.0), 1.5),
    ],
)
def test_one_row_in_twenty_may_be_further_apart_than_what_is_said_of_all(ratios, resolution):
    assert twins.resolution(found(pairs(*ratios))) == pytest.approx(resolution)


def test_the_sentences_say_how_near_the_twins_are_and_what_that_means():
    assert list(twins.sentences(found(pairs(1.0, 1.02, 0.9)))) == [
        "numba-cpu@again / numba-cpu: 0.97× in the geometric mean, 0.90× to 1.02×; within ± 3 % "
        "in 2 of 3 rows (66.7 %); the interval of the ratio holds 1 in 2.",
        "In every row the times of the same code are at most 1.11× each other: a ratio of two "
        "backends that is nearer to 1 than that is no difference that this file can tell.",
    ]


# --- where they say it


def test_the_section_of_a_page_with_twins_is_the_golden_one():
    rows = [*pairs(1.0, 1.02, 0.9, 1.3, 0.97, 1.01, 0.99), a_row(backend="numpy")]

    text = "\n\n".join(section(summary.lines_of(rows))) + "\n"

    assert_golden("twins.md", text)
    assert text in markdown([as_result(rows, baseline=FIRST)]) + "\n"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_change_nothing_in_the_structure(name):
    def lines_of(text):
        rows = pair(1.0, names=(text, f"{text}@{text}"))
        return "\n\n".join(section(summary.lines_of(rows))).splitlines()

    text = HOSTILE[name].replace("@", "at")
    for harmless, hostile in zip(lines_of("word"), lines_of(text), strict=True):
        assert harmless.count("|") == hostile.count("|")
        assert "<" not in hostile


# --- how they are measured


def test_twins_are_measured_like_any_two_backends_each_with_its_own_worker():
    script = InlineWorker([{"seconds": [0.001]}, {"backend": AGAIN, "seconds": [0.002]}])
    made, observer = [], Recorder()

    def make_worker(backend, _threads):
        made.append(backend)
        return script.named(backend)

    rows = run.run(
        a_plan(backends=(FIRST, AGAIN), baseline=FIRST),
        Settings(budget_s=0.01, rounds=2),
        lambda _row: None,
        observer,
        make_worker=make_worker,
    )

    assert made == [FIRST, AGAIN, AGAIN, FIRST]
    assert [job.backend for job in observer.started_jobs] == [FIRST, AGAIN, AGAIN, FIRST]
    assert [(row.backend, row.device) for row in rows] == [(FIRST, "cpu"), (AGAIN, "cpu")]
    assert rows[1].time_s.median == pytest.approx(0.002)


# --- what they are not


def test_the_faster_of_two_copies_is_not_what_peers_are_held_against():
    rows = contenders(numba_cpu=0.002, torch_cpu=0.004, numpy=0.01)
    rows += [a_row(backend=AGAIN, seconds=0.001), a_row(backend="torch-cpu@again", seconds=0.003)]
    rows += [a_row(backend="numpy@again", seconds=0.001)]
    (line,) = summary.lines_of(rows)

    assert summary.own(line) == FIRST
    assert summary.peers(line) == ["torch-cpu"]
