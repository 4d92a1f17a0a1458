"""Which backend to use is the one that loses least overall; how surely it wins, and where not."""

import pytest
from conftest import a_row, a_workload, bad_row, contenders

from lstmbench.analysis.choice import choices
from lstmbench.analysis.summary import NOISE, Lead, lines_of


def lines_of_seconds(*lines, mode="infer"):
    """A line for each dictionary of backends and seconds."""
    rows = [
        row
        for n, seconds in enumerate(lines, start=1)
        for row in contenders(a_workload(seq_len=n, mode=mode), **seconds)
    ]
    return lines_of(rows)


def disturbed(row):
    return row.model_copy(update={"other_load": 0.5})


def test_the_backend_with_the_least_times_is_chosen_and_its_losses_count():
    lines = lines_of_seconds(
        {"a": 0.001, "b": 0.002, "c": 0.008},
        {"a": 0.001, "b": 0.004},
        {"a": 0.002, "b": 0.001},
    )

    (choice,) = choices(lines, "c")

    assert (choice.backend, choice.backends) == ("a", 3)
    assert (len(choice.contests), len(choice.won), len(choice.surely_won)) == (3, 2, 2)
    assert choice.typically_ahead == pytest.approx((2 * 4 * 0.5) ** (1 / 3))
    assert choice.over.speedup == pytest.approx(8.0)


def test_who_wins_often_by_little_and_loses_by_much_is_not_chosen():
    lines = lines_of_seconds(
        {"a": 0.0010, "b": 0.0011},
        {"a": 0.0010, "b": 0.0011},
        {"a": 0.0100, "b": 0.0010},
    )

    (choice,) = choices(lines, "a")

    assert (choice.backend, len(choice.won)) == ("b", 1)
    assert choice.typically_ahead == pytest.approx((10 / 1.1 / 1.1) ** (1 / 3))


def test_who_has_a_time_of_little_of_the_work_is_not_chosen():
    lines = lines_of_seconds(
        {"a": 0.002, "b": 0.004, "special": 0.001},
        {"a": 0.002, "b": 0.004},
        {"a": 0.002, "b": 0.004},
    )

    (choice,) = choices(lines, "b")

    assert (choice.backend, len(choice.won), len(choice.contests)) == ("a", 2, 3)


def test_the_baseline_can_be_chosen_and_is_over_nothing():
    (choice,) = choices(lines_of_seconds({"a": 0.001, "b": 0.002}), "a")

    assert (choice.backend, choice.over) == ("a", None)


def test_where_another_is_faster_by_noise_it_is_not_lost():
    lines = lines_of_seconds({"a": 0.001, "b": 0.01}, {"a": 0.00101, "b": 0.001}, {"a": 2, "b": 1})

    (choice,) = choices(lines, "a")

    assert (choice.backend, len(choice.won)) == ("a", 1)
    assert [(line.workload.seq_len, lead.first.backend) for lead, line in choice.surely_lost] == [
        (3, "b")
    ]


def test_of_own_kernels_the_best_of_the_others_is_known_too():
    lines = lines_of_seconds(
        {"numba_cpu": 0.001, "a": 0.004, "b": 0.002}, {"numba_cpu": 0.001, "a": 0.004, "b": 0.003}
    )

    (choice,) = choices(lines, "a")
    assert choice.other == "b"
    assert choice.over_other == pytest.approx((2 * 3) ** 0.5)
    assert [each.other for each in choices(lines_of_seconds({"a": 1, "b": 2}), "a")] == [None]


def test_training_comes_before_inference_whatever_the_file_begins_with():
    lines = [
        *lines_of_seconds({"a": 0.001, "b": 0.002}, mode="infer"),
        *lines_of_seconds({"b": 0.001, "a": 0.002}, mode="train"),
    ]

    assert [(each.mode, each.backend) for each in choices(lines, "a")] == [
        ("train", "b"),
        ("infer", "a"),
    ]


def test_without_a_contest_there_is_nothing_to_choose():
    alone = [a_row(backend="a"), bad_row("failed", backend="b")]
    twins = [a_row(backend="a"), a_row(backend="a@again")]

    assert choices(lines_of(alone), "a") == choices(lines_of(twins), "a") == []


def test_a_lead_within_the_intervals_or_the_noise_of_one_process_is_not_sure():
    def lead(seconds):
        return Lead(a_row(backend="a", seconds=0.001), a_row(backend="b", seconds=seconds))

    assert lead(0.002).is_sure
    assert not lead(0.001).is_sure
    # The intervals of these rows leave 0.97 / 1.05 of the ratio at the least.
    between = 1.05 / 0.97
    assert lead(0.001 * between * (1 + 2 * NOISE)).is_sure
    assert not lead(0.001 * between * (1 + NOISE / 2)).is_sure


def test_with_several_processes_what_the_intervals_leave_is_enough():
    processes = {"processes_s": (0.001, 0.001, 0.001)}
    first = a_row(backend="a", seconds=0.001).model_copy(update=processes)
    second = a_row(backend="b", seconds=0.0011).model_copy(update=processes)

    assert 1 < Lead(first, second).margin.low < 1 + NOISE
    assert Lead(first, second).is_sure


def test_what_was_disturbed_can_only_have_been_faster():
    first, second = a_row(backend="a", seconds=0.001), a_row(backend="b", seconds=0.002)

    assert Lead(disturbed(first), second).is_sure
    assert not Lead(first, disturbed(second)).is_sure
