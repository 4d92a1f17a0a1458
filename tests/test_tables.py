"""The table on a terminal: the same text for the same rows, never wider than the console."""

import pytest
from conftest import a_row, a_workload, assert_golden, bad_row, contenders
from gpu_rows import on_gpu
from rich.console import Console

from lstmbench import tables
from lstmbench.summary import lines_of


def shown(rows, baseline, width=80, **options):
    console = Console(width=width, **{"no_color": True, **options})
    with console.capture() as capture:
        console.print(tables.results(rows, baseline, width=width))
    return capture.get()


def without_padding(text):
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


@pytest.mark.parametrize("width", [80, 100])
def test_the_table_of_the_golden_result_is_the_golden_one(golden_result, width):
    text = shown(golden_result.rows, golden_result.baseline, width)

    assert max(len(line) for line in text.splitlines()) <= width
    assert_golden(f"table_{width}.txt", without_padding(text))


def test_the_same_rows_give_the_same_text(golden_result):
    first, second = (shown(golden_result.rows, "numpy") for _ in range(2))

    assert first == second


def test_only_a_wide_table_has_steps_a_second(golden_result):
    assert "steps/s" not in shown(golden_result.rows, "numpy", 80).splitlines()[0]
    assert "steps/s" in shown(golden_result.rows, "numpy", 100).splitlines()[0]


@pytest.mark.parametrize("mute", [True, False])
def test_no_color_means_no_color_codes(golden_result, monkeypatch, mute):
    if mute:
        monkeypatch.setenv("NO_COLOR", "1")
    else:
        monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")

    text = shown(golden_result.rows, "numpy", force_terminal=True, no_color=None)

    colours = [code for code in ("\x1b[31m", "\x1b[36m", "\x1b[1;32m", "\x1b[33m") if code in text]
    assert bool(colours) is not mute


def test_what_is_not_a_terminal_gets_no_escape_codes(golden_result):
    assert "\x1b" not in shown(golden_result.rows, "numpy", no_color=None)


def test_a_row_without_a_time_shows_its_status_in_its_place():
    rows = [a_row(backend="numpy"), bad_row("failed", backend="numba-cpu", reason="it broke")]

    text = shown(rows, "numpy")

    assert "failed" in text.splitlines()[2]
    assert "numba-cpu: failed (lstm/infer/T3-B2-I4-H5-L1/float32): it broke" in text


def test_a_reason_that_many_rows_share_is_told_once():
    rows = [
        bad_row("unavailable", "not here", workload=a_workload(seq_len=n), backend="torch-cpu")
        for n in (1, 2, 3)
    ]

    assert shown(rows, "numpy").count("not here") == 1
    assert "torch-cpu: unavailable (3 rows): not here" in shown(rows, "numpy")


def test_markup_in_a_reason_is_text():
    assert "[bold]x[/bold] [/]" in shown([bad_row("failed", "[bold]x[/bold] [/]")], "fake")


def test_no_rows_give_a_table_without_rows():
    assert "speedup = time of numpy / time" in shown([], "numpy")


def test_a_group_without_bias_says_so():
    rows = [a_row(), a_row(a_workload(bias=False))]
    titles = [line for line in shown(rows, "fake").splitlines() if " · " in line]

    assert len(titles) == len(set(titles)) == 2


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


def test_the_table_names_the_gpu_and_says_what_a_time_on_it_is():
    rows = [on_gpu(), on_gpu(backend="torch-cuda")]

    text = " ".join(shown(rows, "torch-cuda").split())

    assert text.count("Imaginary GPU 9: times are by the wall clock, until the device is done") == 1
    assert "until the device is done" not in shown([a_row()], "fake")


def test_a_finished_row_on_a_gpu_says_what_the_device_says():
    assert tables.finished_line(on_gpu(), None).endswith("2.00 k sequences/s  device 800 µs")


def test_a_size_is_never_cut_short():
    rows = [a_row(a_workload(seq_len=1_000_000_000)), a_row(a_workload(seq_len=1))]

    assert "1000000000" in shown(rows, "fake")


def test_what_more_threads_gain_is_a_line_a_backend():
    rows = [
        *contenders(numba_cpu=0.004, torch_cpu=0.006),
        *contenders(numba_cpu=0.002, torch_cpu=0.006, threads=2),
    ]

    first, second = (text.plain for text in tables.more_threads(lines_of(rows)))

    assert first == (
        "2 threads: numba-cpu 2.00× its one thread (inference; mean of 1 row; 2.00× to 2.00×)"
    )
    assert second.startswith("2 threads: torch-cpu 1.00× its one thread")


MANY = ("numpy", "numba-cpu", "torch-cpu", "onnxruntime-cpu", "openvino-cpu", "jax-cpu")


@pytest.mark.parametrize(
    ("width", "last"), [(80, "±"), (100, "seq/s"), (120, "±"), (200, "steps/s")]
)
def test_where_the_columns_of_all_backends_do_not_fit_the_first_two_are_shown(width, last):
    rows = [
        a_row(backend=name, seconds=0.001 * (number + 1)) for number, name in enumerate(MANY[::-1])
    ]
    head, title, line, *_ = shown(rows, "numpy", width).splitlines()

    assert title.startswith("lstm · inference")
    assert max(map(len, (head, line))) <= width
    assert last in head.split()
    if width < 200:
        assert head.split()[:7] == [
            "steps", "batch", "fastest", "time", "speedup", "second", "ahead"
        ]  # fmt: skip
        assert line.split()[:8] == [
            "3", "2", "jax-cpu", "1.00", "ms", "6.00×", "openvino-cpu", "2.00×"
        ]  # fmt: skip
    else:
        assert set(MANY) <= set(head.split())
        assert "…" not in head + line


def test_a_backend_that_is_not_there_has_a_line_and_no_column():
    rows = [a_row(backend="numpy"), bad_row("unavailable", backend="numba-cuda", reason="no GPU")]

    head, *below = shown(rows, "numpy").splitlines()

    assert "numba-cuda" not in head
    assert "numba-cuda: unavailable (lstm/infer/T3-B2-I4-H5-L1/float32): no GPU" in below


def test_of_a_line_without_any_time_the_first_two_are_nobody():
    rows = [a_row(backend=name) for name in MANY]
    rows += [bad_row("oom", workload=a_workload(seq_len=9), backend=name) for name in MANY]

    assert "    9     2" in shown(rows, "numpy").splitlines()[3]
