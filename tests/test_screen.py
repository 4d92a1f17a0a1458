"""The screen that a run ends with: the same story at any width, in any terminal, for any file."""

import io
import re
from itertools import product
from pathlib import Path

import pytest
from conftest import (
    HOSTILE,
    a_row,
    a_workload,
    as_result,
    assert_golden,
    bad_row,
    contenders,
    run_tool,
)
from gpu_rows import on_gpu
from rich.console import Console

from lstmbench.analysis.choice import choices
from lstmbench.analysis.summary import lines_of
from lstmbench.result import read, write_atomically
from lstmbench.screen import screen
from lstmbench.terminal import speak_plainly
from lstmbench.units import ratio

RESULTS = Path(__file__).parent.parent / "results"
FILES = sorted(RESULTS.glob("*.json"))
# What a person can look at without scrolling far: two screens, or three of a narrow one.
TWO_SCREENS = 68
COLOURS = {"force_terminal": True, "color_system": "truecolor"}


def shown(result, width=80, path="x.json", report=None, seconds=None, **options):
    console = Console(file=io.StringIO(), width=width, highlight=False, **options)
    screen.show(console, result, Path(path), report and Path(report), seconds)
    return console.file.getvalue()


def words(text):
    return " ".join(text.split())


def a_comparison(**seconds):
    """A result of one workload, a row for each backend."""
    return as_result(contenders(**seconds), baseline=next(iter(seconds)).replace("_", "-"))


# --- what it says


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_the_screen_of_the_golden_result_is_the_golden_one(golden_result, width):
    text = shown(golden_result, width, "result.json", "result.md", 65)

    assert_golden(f"screen_{width}.txt", text)


def test_the_screen_in_colours_is_the_golden_one(golden_result):
    assert_golden("screen_colours.txt", shown(golden_result, 100, **COLOURS))


def test_the_screen_in_ascii_is_the_golden_one(golden_result):
    speak_plainly()
    text = shown(golden_result, 80).encode("ascii", "lstmbench").decode()

    assert_golden("screen_ascii.txt", text)


def test_the_same_file_gives_the_same_text(golden_result):
    assert shown(golden_result) == shown(golden_result)


def test_the_answer_is_a_speedup_how_often_it_is_the_fastest_and_the_most_it_does():
    short, long = a_workload(seq_len=10), a_workload(seq_len=20)
    rows = [
        *contenders(short, numpy=0.008, numba_cpu=0.001, torch_cpu=0.0018),
        *contenders(long, numpy=0.008, numba_cpu=0.004, torch_cpu=0.002),
        *contenders(a_workload(seq_len=30), numpy=0.008, numba_cpu=0.002, torch_cpu=0.004),
    ]
    text = words(shown(as_result(rows, baseline="numpy")))

    # Geometric means: 8, 2 and 4 times numpy; 1.8, 0.5 and 2 times the best of the others.
    assert (
        "Inference use numba-cpu (own kernels), typically 4.00× as fast as numpy: 2.00× at lstm "
        "T20-B2-H5 to 8.00× at lstm T10-B2-H5. Fastest of 3 in 2 of 3 shapes, surely in all, "
        "typically 1.22× as fast as the fastest other"
    ) in text
    # Two sequences of 30 steps in 2 ms.
    assert "At most 30.0 k time-steps/s: 1.00 k sequences/s at lstm T30-B2-H5." in text
    assert "Fastest n=numba-cpu 2 of 3 (surely 2), t=torch-cpu 1 (surely 1); never numpy" in text


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_numbers_of_a_file_are_those_of_its_choice(path):
    result = read(path)
    text = words(shown(result, 100))

    for choice in choices(lines_of(result.rows), result.baseline):
        speedup = ratio(choice.over.speedup)
        assert f"use {choice.backend} (own kernels), typically {speedup} as fast as" in text
        for at, _ in (choice.over.worst, choice.over.best):
            assert ratio(at.value) in text
        assert f"in {len(choice.won)} of {len(choice.contests)} shapes" in text


def test_the_baseline_as_the_choice_has_no_speedup():
    text = words(shown(a_comparison(numpy=0.001, torch_cpu=0.003)))

    assert "use numpy. Fastest of 2 in 1 of 1 shape, surely in all, typically 3.00× as" in text


def test_where_threads_and_lengths_differ_a_workload_is_named_with_them():
    ragged = a_workload(lengths="uniform", steps=(3, 1))
    rows = [
        *contenders(numpy=0.004, numba_cpu=0.002, threads=1),
        *contenders(ragged, numpy=0.004, numba_cpu=0.001, threads=2),
    ]
    text = words(shown(as_result(rows, baseline="numpy")))

    assert "2.00× at lstm T3-B2-H5 ×1 to 4.00× at lstm T3-B2-H5 lengths uniform ×2" in text


def test_the_title_says_what_was_measured_where_when_and_in_what_time():
    text = words(shown(a_comparison(numpy=0.001, torch_cpu=0.003), seconds=65.4))

    assert text.startswith(
        "lstmbench · Imaginary 9000 @ 3.00GHz, 1 thread · 2026-01-02 · suite tiny · 2 rows in 1:05 "
    )


def test_a_gpu_is_named_and_what_a_time_on_it_is():
    text = words(shown(as_result([on_gpu(), on_gpu(backend="torch-cuda")]), 100))

    assert "· Imaginary GPU 9 ·" in text
    assert "GPU Imaginary GPU 9: times are by the wall clock, until the device is done" in text


def test_what_went_wrong_is_told_once_for_each_reason_and_not_without_end():
    rows = [a_row(), a_row(backend="numpy")]
    rows += [bad_row("failed", f"fault {n}", backend=f"b{n}") for n in range(10)]
    rows += [
        bad_row("unavailable", "torch: no torch", backend="torch", workload=a_workload(seq_len=n))
        for n in (5, 6, 7)
    ]
    text = shown(as_result(rows))

    assert text.count("Trouble") == 1
    assert "b5: failed (lstm/infer/T3-B2-I4-H5-L1/float32): fault 5" in text
    assert "fault 6" not in text
    assert "and 5 more, in the report" in text
    assert "torch: unavailable (3 rows): no torch" in shown(as_result(rows[-3:]))


def test_where_files_are_is_one_line_each_however_narrow_the_terminal_is():
    result, path = a_comparison(numpy=0.001, torch_cpu=0.003), f"{'long/' * 30}x y.json"

    *_, found, report, again = shown(result, 40, path, "x.md").splitlines()
    assert found == f"Result    {path}"
    assert report == "Report    x.md"
    assert again == f"Again     lstmbench show '{path}'"

    *_, found, report = shown(result, 40, path).splitlines()
    assert found == f"Result    {path}"
    assert report == f"Report    lstmbench report '{path}' -o report.md"


# --- files with little in them


def test_without_rows_it_says_so():
    assert "Answer    The file has no rows: nothing was measured.\n" in shown(as_result([]))


def test_with_failures_alone_it_says_why_and_shows_where():
    text = shown(as_result([bad_row("failed", "broke"), bad_row("oom", "big", backend="numpy")]))

    assert "Answer    No row has a time.\n" in text
    assert re.search("T3 B2 +failed\n", text)
    assert "broke" in text
    assert "Ahead by" not in text


def test_of_one_backend_the_times_are_shown():
    rows = [a_row(seconds=0.0021), a_row(a_workload(seq_len=9), seconds=0.004)]
    text = shown(as_result(rows), 100)

    assert "there is nothing to compare" in text
    assert "T3  f 2.10 ms\nT9  f 4.00 ms\n" in text


def test_twins_say_what_is_noise():
    rows = [a_row(backend="numba-cpu"), a_row(backend="numba-cpu@again", seconds=0.00102)]
    text = words(shown(as_result(rows)))

    assert "A/A numba-cpu@again / numba-cpu: 1.02× in the geometric mean" in text


# --- where it is shown


def fields_of(text):
    return re.findall(r"\b[a-z][≈░▒▓▉] ?[\d.]+×", text)


@pytest.mark.parametrize("width", [20, 33, 40, 47, 60, 79, 80, 100, 132, 200])
def test_no_line_is_wider_than_the_terminal(golden_result, width):
    lines = shown(golden_result, width, "x").splitlines()[:-2]

    assert max(map(len, lines)) <= width
    assert all(line == line.rstrip() for line in lines)


def newest(suite):
    """The latest result file of a suite; their names begin with the date."""
    return max(RESULTS.glob(f"*-{suite}.json"))


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 200])
@pytest.mark.parametrize("name", ["quick", "padding"])
def test_every_shape_of_a_small_suite_is_shown_at_any_width(name, width):
    path = newest(name)
    result = read(path)
    text = shown(result, width)

    shapes = len(lines_of(result.rows))
    assert len(fields_of(text)) == shapes
    assert "not shown" not in text


@pytest.mark.parametrize("width", [80, 100, 132])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_committed_file_fits_two_screens(path, width):
    assert len(shown(read(path), width).splitlines()) <= TWO_SCREENS


def test_the_quick_suite_fits_one_photograph():
    path = newest("quick")

    assert len(shown(read(path), 100).splitlines()) <= 34
    assert len(shown(read(path), 80).splitlines()) <= 34


def test_a_suite_that_is_too_large_says_how_much_of_it_is_not_shown():
    sizes = product(range(1, 31), range(1, 31))
    rows = [
        row
        for steps, batch in sizes
        for row in contenders(a_workload(seq_len=steps, batch_size=batch), numpy=0.002, fake=0.001)
    ]
    text = shown(as_result(rows, baseline="numpy"))

    assert len(text.splitlines()) <= TWO_SCREENS
    (missing,) = re.findall(r"(\d+) of 900 shapes are not shown; the report has them", text)
    assert len(fields_of(text)) == 900 - int(missing)


def test_colours_carry_no_shades_and_their_absence_carries_no_codes(golden_result):
    coloured = shown(golden_result, 100, **COLOURS)
    plain = shown(golden_result, 100)

    assert "\x1b[" in coloured
    assert not set("░▒▓▉") & set(coloured)
    assert "\x1b" not in plain
    assert set("░▒▓▉") & set(plain)


@pytest.mark.parametrize(
    "options",
    [
        {"no_color": True, "force_terminal": True, "color_system": "truecolor"},
        {"force_terminal": True, "color_system": "standard"},
    ],
)
def test_where_colours_are_not_wanted_or_too_few_there_are_shades(golden_result, options):
    text = shown(golden_result, 100, **options)

    assert not re.search(r"\x1b\[[\d;]*[34]8;", text)
    assert len(fields_of(text)) == len(fields_of(shown(golden_result, 100)))


def test_every_coloured_field_sets_its_text_and_its_background(golden_result):
    codes = re.findall(r"\x1b\[([\d;]+)m", shown(golden_result, 100, **COLOURS))

    coloured = [code for code in codes if "48;2;" in code or "38;2;" in code]
    assert coloured
    assert all("48;2;" in code and "38;2;" in code for code in coloured)


# --- strangers


@pytest.mark.parametrize("name", HOSTILE)
def test_a_strangers_text_is_text(name):
    text = HOSTILE[name] + "[bold]x[/bold] [/] [link=http://evil.example]y[/link]"
    rows = [
        a_row(backend=text),
        a_row(backend="numba-cpu", seconds=0.002),
        bad_row("failed", text, backend=f"{text}2"),
    ]
    result = as_result(rows, baseline=text, suite=text, created=text)
    plain = shown(result, 100, text)
    coloured = re.sub(r"\x1b\[[\d;]*m", "", shown(result, 100, text, **COLOURS))

    for seen in (plain, coloured):
        assert all(sign.isprintable() or sign == "\n" for sign in seen)
    assert plain.count("[bold]x[/bold] [/] [link=http:/evil.example]y[/link]") == 2


# --- the command


def test_show_is_the_screen_of_a_run_again(golden_result, tool, tmp_path):
    write_atomically(tmp_path / "x.json", golden_result.as_file())

    assert tool("show", "x.json") == (0, shown(golden_result, 100), "")


def test_what_is_no_result_file_is_one_line(tool, tmp_path):
    (tmp_path / "x.json").write_text("{}")

    code, out, err = tool("show", "x.json")
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_a_pipe_gets_80_columns_and_no_codes_whatever_the_terminal_is(golden_result, tmp_path):
    write_atomically(tmp_path / "x.json", golden_result.as_file())

    done = run_tool("show", "x.json", cwd=tmp_path, TERM="xterm-256color", COLUMNS="")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == shown(golden_result, 80)
