"""The section for rows on a GPU says the device, the precision, the algorithm and the clocks."""

from html import unescape

import pytest
from conftest import HOSTILE, a_row, a_workload, as_result, assert_golden
from gpu_rows import on_gpu

from lstmbench.machine.gpu import Clocks
from lstmbench.report import blocks, gpu
from lstmbench.report.page import markdown


def text_of(*rows):
    return unescape("\n\n".join(gpu.section(rows)))


def test_without_a_gpu_there_is_no_section():
    assert text_of(a_row()) == ""
    assert "### GPU" not in markdown([as_result([a_row()])])


def test_the_device_is_named_once_with_what_is_known_of_it():
    text = text_of(on_gpu(), on_gpu(backend="torch-cuda"))

    named = (
        "- Imaginary GPU 9, compute capability 9.9, 132 multiprocessors, 128 GiB of memory, "
        "driver 999.99\n"
    )
    assert text.count(named) == 1


def test_what_is_unknown_of_a_device_is_left_out():
    bare = dict.fromkeys(("compute_capability", "multiprocessors", "memory_bytes", "driver"))

    assert "- Imaginary GPU 9\n" in text_of(on_gpu(**bare))


def test_each_precision_is_explained():
    text = text_of(on_gpu(), on_gpu(a_workload(dtype="tf32")), on_gpu(a_workload()))

    assert "- float16: arrays and the factors of products in two bytes, sums in float32." in text
    assert "- tf32: float32 arrays, whose products keep 11 of 24 bits" in text
    assert "- float32: float32 throughout, no TF32." in text


def test_a_row_has_both_times_the_cold_one_the_copies_the_clock_and_the_algorithm():
    (line,) = [line for line in text_of(on_gpu()).splitlines() if line.startswith("| lstm")]

    assert [field.strip() for field in line.strip("|").split("|")] == [
        a_workload(dtype="float16").id,
        "numba-cuda",
        "1.00 ms",
        "800 µs",
        "1.50 ms",
        "2.50 s",
        "100 µs (1.00 MiB)",
        "200 µs (2.00 MiB)",
        "1980 → 1965 MHz",
        "forward: persistent, 128 blocks × 256 threads",
    ]


def test_a_clock_that_was_held_back_is_marked():
    text = text_of(on_gpu(after=Clocks(sm_mhz=1200, reasons=("power-cap",))), on_gpu())

    assert "1980 → 1200 MHz ⚠ power-cap" in text


def test_unknown_clocks_are_said_to_be_unknown_once():
    unknown = Clocks(unknown="nvidia-ml-py is not installed; pip install nvidia-ml-py")

    text = text_of(*[on_gpu(before=unknown, after=unknown)] * 2)

    assert text.count("Clocks are unknown: nvidia-ml-py is not installed") == 1
    assert "unknown → unknown MHz" in text


def test_a_row_with_nothing_but_a_name_has_a_line_too():
    (line,) = [
        line
        for line in text_of(
            on_gpu(
                algorithm={}, time_s=None, samples_s=(), first_call_s=None, cold_s=None,
                to_device=None, to_host=None, before=None, after=None,
            )
        ).splitlines()
        if line.startswith("| lstm")
    ]  # fmt: skip

    assert line.count("|") == 11


# --- in the page


def test_the_page_of_rows_on_a_gpu_is_the_golden_one():
    work = [a_workload(dtype="float16", mode=mode, seq_len=100) for mode in ("infer", "train")]
    rows = [on_gpu(each, seconds=0.001) for each in work]
    rows += [on_gpu(each, backend="torch-cuda", seconds=0.002) for each in work]
    told = {"numba-cuda": "between two events", "torch-cuda": "the same"}

    page = markdown([as_result(rows, baseline="torch-cuda", timed_calls=told)])

    assert_golden("report_gpu.md", page)


def test_own_kernels_on_a_gpu_stand_beside_peers_on_a_gpu():
    workload = a_workload()
    rows = [
        on_gpu(workload, seconds=0.001),
        on_gpu(workload, backend="torch-cuda", seconds=0.003),
        a_row(workload, backend="numba-cpu", seconds=0.010),
        a_row(workload, backend="torch-cpu", seconds=0.020),
    ]

    page = markdown([as_result(rows, baseline="torch-cpu")])
    cpu, gpu = page.split("### Own kernels beside every peer")[1:]

    assert "**2.00× the fastest peer**" in cpu
    assert gpu.startswith(", on the GPU\n")
    assert "**3.00× the fastest peer**" in gpu.split("### GPU")[0]


def test_the_short_form_names_the_device():
    assert "Imaginary GPU 9" in blocks.block(as_result([on_gpu()]), "x.json")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_in_its_place(name):
    text = HOSTILE[name]
    row = on_gpu(
        name=text,
        driver=text,
        compute_capability=text,
        algorithm={text: text},
        before=Clocks(unknown=text),
        after=Clocks(sm_mhz=1, reasons=(text,)),
    )
    plain = on_gpu(
        name="word",
        driver="word",
        compute_capability="word",
        algorithm={"word": "word"},
        before=Clocks(unknown="word"),
        after=Clocks(sm_mhz=1, reasons=("word",)),
    )

    def shape(row):
        page = "\n\n".join(gpu.section([row]))
        return [line.count("|") for line in page.splitlines()], page.count("<")

    assert shape(row) == shape(plain)
