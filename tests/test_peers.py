"""The section that sets the own kernels beside every peer: read as a reader would."""

import pytest
from conftest import a_row, a_workload, as_result, contenders, with_memory

from lstmbench.analysis.summary import lines_of
from lstmbench.report.page import markdown
from lstmbench.report.peers import section


def text_of(rows):
    return "\n\n".join(section(lines_of(rows)))


def work(steps=1, **given):
    return a_workload(seq_len=steps, **given)


def body_of(text):
    """The fields of the lines of the first table of a text, without its head."""
    table = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [[field.strip() for field in line.strip("|").split("|")] for line in table]


# --- where it is


@pytest.mark.parametrize("seconds", [{}, {"numba_cpu": 0.001, "numpy": 0.002}, {"torch": 0.001}])
def test_without_a_peer_beside_the_own_kernels_there_is_no_section(seconds):
    assert text_of(contenders(**seconds)) == ""
    assert "beside every peer" not in markdown([as_result(contenders(**seconds))])


def test_the_page_has_the_section_once_before_the_machine():
    page = markdown([as_result(contenders(numba_cpu=0.001, torch_cpu=0.002))])

    assert page.count("### Own kernels beside every peer") == 1
    assert page.index("### Own kernels beside every peer") < page.index("### Machine")


# --- the sentences


def test_a_mode_is_summed_up_by_the_fastest_peer_of_each_row():
    rows = [
        *contenders(work(1), numba_cpu=0.010, torch_cpu=0.020, jax_cpu=0.080),
        *contenders(work(2), numba_cpu=0.010, torch_cpu=0.090, jax_cpu=0.080),
    ]

    text = text_of(rows)

    # 2 and 8: their geometric mean is 4.  torch-cpu: 2 and 9, √18 = 4.24; jax-cpu: 8 and 8.
    assert (
        "- Inference: **4.00× the fastest peer** (geometric mean; "
        f"2.00× at {work(1).id} (1 thread) to 8.00× at {work(2).id} (1 thread)); "
        "0 of 2 rows missed." in text
    )
    assert (
        f"  - torch-cpu: 4.24× (geometric mean of 2 rows; 2.00× at {work(1).id} (1 thread)" in text
    )
    assert "  - jax-cpu: 8.00× (geometric mean of 2 rows; 8.00×" in text


def test_what_the_bound_would_allow_is_said_where_every_row_has_one():
    known = [
        *contenders(work(1), numba_cpu=0.010, torch_cpu=0.010, fraction=0.5),
        *contenders(work(2), numba_cpu=0.010, torch_cpu=0.010, fraction=0.125),
    ]
    unknown = contenders(work(3), numba_cpu=0.010, torch_cpu=0.010)

    # 10 ms / 5 ms = 2 and 10 ms / 1.25 ms = 8.
    assert "at the bound of this machine it would be 4.00×." in text_of(known)
    assert "at the bound" not in text_of([*known, *unknown])


def test_large_rows_and_batch_1_have_their_mean_and_lowest_fraction():
    large = {"batch_size": 16, "hidden_size": 256}
    rows = [
        *contenders(work(1, **large), numba_cpu=0.01, torch_cpu=0.01, fraction=0.9),
        *contenders(work(2, **large), numba_cpu=0.01, torch_cpu=0.01, fraction=0.6),
        *contenders(work(3, batch_size=1), numba_cpu=0.01, torch_cpu=0.01, fraction=0.2),
        *contenders(work(4), numba_cpu=0.01, torch_cpu=0.01, fraction=0.1),
    ]

    text = text_of(rows)

    assert (
        "of the bound where B ≥ 16 and H ≥ 256: 75.0 % "
        f"(mean of 2 rows; lowest 60.0 % at {work(2, **large).id} (1 thread))." in text
    )
    assert "of the bound where B = 1: 20.0 % (mean of 1 row; lowest 20.0 %" in text


def test_memory_in_training_is_set_beside_that_of_each_peer():
    rows = [
        with_memory(row, count)
        for steps, counts in ((1, (300, 200)), (2, (100, 200)))
        for row, count in zip(
            contenders(work(steps, mode="train"), numba_cpu=0.01, torch_cpu=0.01),
            counts,
            strict=True,
        )
    ]

    assert (
        "peak memory: above that of torch-cpu in 1 of 2 rows; "
        f"at most 1.50× at {work(1, mode='train').id} (1 thread)." in text_of(rows)
    )
    assert "peak memory" not in text_of(contenders(numba_cpu=0.01, torch_cpu=0.01))


# --- the tables


def test_where_nothing_misses_that_is_said_and_every_row_is_folded():
    text = text_of(contenders(numba_cpu=0.100, torch_cpu=0.098))

    assert "No row is slower than its fastest peer by more than 3 %." in text
    assert "Rows that miss" not in text
    assert "<summary>Every row beside every peer (1)</summary>" in text


def test_misses_come_first_and_the_worst_of_them_first():
    rows = [
        *contenders(work(1), numba_cpu=0.010, torch_cpu=0.020),
        *contenders(work(2), numba_cpu=0.010, torch_cpu=0.009),
        *contenders(work(3), numba_cpu=0.010, torch_cpu=0.005),
        *contenders(work(4), numba_cpu=0.010, torch_cpu=0.011),
    ]

    missed, others = text_of(rows).split("<details>")

    assert "2 of 4 rows missed" in missed
    assert [fields[0] for fields in body_of(missed)] == [work(3).id, work(2).id]
    assert [fields[0] for fields in body_of(others)] == [work(1).id, work(4).id]
    assert "<summary>Every other row beside every peer (2)</summary>" in others


def test_where_every_row_misses_nothing_is_folded():
    assert "<details>" not in text_of(contenders(numba_cpu=0.010, torch_cpu=0.005))


def test_a_row_has_a_time_for_each_peer_and_its_ratio_and_bound():
    rows = [
        *contenders(work(1), numba_cpu=0.010, torch_cpu=0.020, jax_cpu=0.030, fraction=0.881),
        *contenders(work(1), numba_cpu=0.010, jax_cpu=0.025, threads=2),
    ]

    assert body_of(text_of(rows)) == [
        [work(1).id, "1", "10.0 ms", "20.0 ms", "30.0 ms", "2.00×", "88.1 % of compute"],
        [work(1).id, "2", "10.0 ms", "", "25.0 ms", "2.50×", ""],
    ]


def test_a_disturbed_time_keeps_its_mark():
    own, peer = contenders(numba_cpu=0.001, torch_cpu=0.002)
    rows = [own, peer.model_copy(update={"other_load": 0.6})]

    assert body_of(text_of(rows))[0][2:4] == ["1.00 ms", "2.00 ms ⚠"]


@pytest.mark.parametrize(
    ("fraction", "limit"),
    [
        # The least time is 8 ms of own 10 and of the peer's 9: 80 % and 88.9 %.
        (0.8, "the bound itself: own 80.0 %, torch-cpu 88.9 % of compute"),
        (0.75, "the bound itself: own 75.0 %, torch-cpu 83.3 % of compute"),
        # The least time is 6 ms: 4 ms and 3 ms are beyond.
        (0.6, "time beyond the bound of compute: own 4.00 ms, torch-cpu 3.00 ms"),
        (None, "no bound is known"),
    ],
)
def test_what_limits_a_miss_is_its_bound_or_the_time_beyond(fraction, limit):
    rows = contenders(numba_cpu=0.010, torch_cpu=0.009, fraction=fraction)

    assert body_of(text_of(rows))[0][-1] == limit


def test_a_strangers_words_are_escaped():
    rows = contenders(numba_cpu=0.010, fraction=0.5, bound="<b>|</b>")
    rows.append(a_row(backend="a|[b](c)", seconds=0.009))

    text = text_of(rows)

    assert "<b>" not in text
    assert "[b]" not in text
    assert {line.count("|") for line in text.splitlines() if line.startswith("|")} == {8}
