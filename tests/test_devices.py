"""GPU against CPU: the fastest of each, the ratio, and from which batch size on the GPU wins."""

from conftest import a_row, a_workload

from lstmbench.analysis.summary import lines_of
from lstmbench.report.devices import section


def rows_at(batch, cpu, gpu, mode="train", seq_len=5):
    """The rows of one shape: two CPU backends and two GPU backends."""
    workload = a_workload(batch_size=batch, mode=mode, seq_len=seq_len)
    on_gpu = {"device": "cuda"}
    return [
        a_row(workload, backend="numpy", seconds=cpu * 3),
        a_row(workload, backend="numba-cpu", seconds=cpu),
        a_row(workload, backend="torch-cuda", seconds=gpu * 2).model_copy(update=on_gpu),
        a_row(workload, backend="numba-cuda", seconds=gpu).model_copy(update=on_gpu),
    ]


def text_of(rows):
    return "\n\n".join(section(lines_of(rows)))


def test_the_fastest_of_each_is_compared_and_the_break_even_is_told():
    rows = [
        row
        for batch, cpu, gpu in ((1, 0.001, 0.004), (8, 0.002, 0.002), (64, 0.016, 0.004))
        for row in rows_at(batch, cpu, gpu)
    ]

    text = text_of(rows)

    assert (
        "- Training speedup: the GPU is typically **1.00×** the CPU (geometric mean of 3 shapes; "
        "best 4.00× at lstm T 5, B 64, H 5; worst 0.25× at lstm T 5, B 1, H 5)." in text
    )
    assert "| 5 | 0.25× | 1.00× | **4.00×** | from batch 64 on |" in text


def test_where_a_larger_batch_loses_again_the_break_even_is_above_it():
    rows = [
        row
        for batch, cpu, gpu in ((1, 0.004, 0.001), (8, 0.001, 0.002), (64, 0.016, 0.004))
        for row in rows_at(batch, cpu, gpu)
    ]

    assert "| **4.00×** | 0.50× | **4.00×** | from batch 64 on |" in text_of(rows)


def test_a_gpu_that_never_wins_wins_nowhere():
    rows = [*rows_at(1, 0.001, 0.002), *rows_at(8, 0.001, 0.002)]

    assert "| 0.50× | 0.50× | nowhere |" in text_of(rows)


def test_without_both_there_is_no_section():
    on_cpu = [row for row in rows_at(1, 0.001, 0.002) if row.device == "cpu"]
    on_gpu = [row for row in rows_at(1, 0.001, 0.002) if row.device == "cuda"]

    assert text_of(on_cpu) == text_of(on_gpu) == text_of([]) == ""
