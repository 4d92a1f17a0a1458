"""Groups, rows and troubles in words."""

from conftest import a_row, a_workload, bad_row
from gpu_rows import on_gpu

from lstmbench.analysis import tables
from lstmbench.analysis.summary import groups_of, lines_of


def test_a_group_without_bias_says_so():
    rows = [a_row(), a_row(a_workload(bias=False))]

    assert [tables.group_title(group) for group in groups_of(lines_of(rows))] == [
        "lstm · inference · I 4 · H 5 · float32 · 1 thread",
        "lstm · inference · I 4 · H 5 · no bias · float32 · 1 thread",
    ]


def test_a_reason_that_many_rows_share_is_told_once_and_without_the_name_again():
    rows = [
        bad_row("unavailable", why, workload=a_workload(seq_len=n), backend="torch-cpu")
        for n, why in ((1, "torch-cpu: not here"), (2, "torch-cpu: not here"), (3, "other"))
    ]

    assert [text.plain for text in tables.trouble(rows)] == [
        "torch-cpu: unavailable (2 rows): not here",
        "torch-cpu: unavailable (lstm/infer/T3-B2-I4-H5-L1/float32): other",
    ]


def test_what_a_time_on_a_gpu_is_is_told_once():
    (text,) = tables.devices([on_gpu(), on_gpu(backend="torch-cuda"), a_row()])

    assert text.plain.startswith("Imaginary GPU 9: times are by the wall clock, until the device")
    assert list(tables.devices([a_row()])) == []


def test_a_finished_row_is_one_line_with_its_speedup():
    base, fast = a_row(backend="numpy", seconds=0.004), a_row(seconds=0.002)

    assert tables.finished_line(fast, base) == (
        "fake×1      lstm/infer/T3-B2-I4-H5-L1/float32  2.00 ms ± 4.0 %  2.00× numpy  "
        "1.00 k sequences/s"
    )
    assert "× numpy" not in tables.finished_line(base, base)
    assert "× numpy" not in tables.finished_line(fast, None)
    assert "× numpy" not in tables.finished_line(fast, bad_row("failed", backend="numpy"))


def test_a_finished_row_without_a_time_says_why():
    assert tables.finished_line(bad_row("timeout", "no answer for 2:00"), None) == (
        "fake×1      lstm/infer/T3-B2-I4-H5-L1/float32  timeout: no answer for 2:00"
    )


def test_sunspots_are_told_apart_from_random_data_in_a_line():
    random, real = (a_workload(input_size=1, data=data) for data in ("random", "sunspots"))
    ragged = a_row(a_workload(lengths="uniform", steps=(3, 1)))

    assert "/float32 lengths uniform " in tables.finished_line(ragged, None)
    assert tables.finished_line(a_row(random), None) != tables.finished_line(a_row(real), None)


def test_a_finished_row_on_a_gpu_says_what_the_device_says():
    assert tables.finished_line(on_gpu(), None).endswith("2.00 k sequences/s  device 800 µs")
