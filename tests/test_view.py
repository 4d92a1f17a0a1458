"""What a person sees while a run goes on: a bar on a terminal, plain lines elsewhere, nothing."""

from io import StringIO

import pytest
from conftest import a_row, a_workload, bad_row
from rich.console import Console

from lstmbench.planning.plan import Job
from lstmbench.screen.view import Live, PlainLines, Quiet, observer
from lstmbench.timing.clock import FakeClock

JOB = Job("fake", 1, a_workload())


def a_console(*, terminal=False, width=100, **given):
    environment = {"TERM": "xterm-256color", "COLUMNS": str(width)}
    return Console(
        file=StringIO(), force_terminal=terminal, width=width, _environ=environment, **given
    )


# --- which view


def test_a_terminal_gets_a_bar():
    assert isinstance(observer(a_console(terminal=True), "fake", 3, quiet=False), Live)


def test_what_is_no_terminal_gets_plain_lines():
    assert type(observer(a_console(), "fake", 3, quiet=False)) is PlainLines


def test_a_dumb_terminal_gets_plain_lines():
    console = Console(file=StringIO(), force_terminal=True, _environ={"TERM": "dumb"})

    assert type(observer(console, "fake", 3, quiet=False)) is PlainLines


@pytest.mark.parametrize("terminal", [True, False])
def test_whoever_wants_quiet_gets_it(terminal):
    assert type(observer(a_console(terminal=terminal), "fake", 3, quiet=True)) is Quiet


# --- plain lines


def test_each_finished_row_is_one_line_with_the_time_it_took_and_may_take():
    console, clock = a_console(), FakeClock()
    view = PlainLines(console, "numpy", 3, clock)

    with view.showing():
        for row in (a_row(backend="numpy", seconds=0.004), a_row(seconds=0.002)):
            view.started(JOB)
            view.phase("measuring")
            clock.advance(60.0)
            view.finished(row)

    assert console.file.getvalue().splitlines() == [
        "[1/3] numpy×1     lstm/infer/T3-B2-I4-H5-L1/float32  4.00 ms ± 4.0 %  500 sequences/s  "
        "(1:00, 2:00 left)",
        "[2/3] fake×1      lstm/infer/T3-B2-I4-H5-L1/float32  2.00 ms ± 4.0 %  2.00× numpy  "
        "1.00 k sequences/s  (2:00, 1:00 left)",
    ]


def test_a_plain_line_is_never_wrapped_coloured_or_read_as_markup():
    console = a_console(width=40)
    view = PlainLines(console, "numpy", 1, FakeClock())

    view.finished(bad_row("failed", "[bold]" + "long " * 50))

    text = console.file.getvalue()
    assert text.count("\n") == 1
    assert "\x1b" not in text
    assert "failed: [bold]long" in text


def test_a_row_is_compared_with_the_baseline_of_the_same_work_only():
    console = a_console(width=300)
    view = PlainLines(console, "numpy", 4, FakeClock())

    view.finished(a_row(backend="numpy", seconds=0.004))
    view.finished(a_row(a_workload(seq_len=9), seconds=0.001))
    view.finished(a_row(seconds=0.001, threads=2))
    view.finished(a_row(seconds=0.001))

    assert ["× numpy" in line for line in console.file.getvalue().splitlines()] == [
        False,
        False,
        False,
        True,
    ]


# --- the bar


def shown_live(*rows, width=100, **given):
    console = a_console(terminal=True, width=width, color_system=None)
    view = Live(console, "numpy", len(rows), **{"brief": False, **given})
    with view.showing():
        for row in rows:
            view.started(JOB)
            view.phase("verifying")
            view.phase("measuring")
            view.finished(row)
    return console.file.getvalue()


def test_finished_rows_stay_above_the_bar():
    text = shown_live(a_row(backend="numpy", seconds=0.004), a_row(seconds=0.002))

    assert "2.00× numpy" in text
    assert "4.00 ms ± 4.0 %" in text


def test_the_bar_counts_the_rows_and_names_the_one_in_work():
    text = shown_live(a_row(), a_row(a_workload(seq_len=9)))

    assert "2/2" in text
    assert f"measuring fake {JOB.workload.id}" in text


def test_the_bar_is_gone_when_the_run_is_over():
    text = shown_live(a_row())

    assert text.rstrip().endswith("\x1b[2K")
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1


def test_a_brief_bar_shows_only_rows_that_went_wrong():
    text = shown_live(a_row(), bad_row("incorrect", "error 1 above"), brief=True)

    assert "2.00 k sequences/s" not in text
    assert "incorrect: error 1 above" in text


def test_markup_in_a_row_is_text_on_the_bar_too():
    assert "[bold]x[/]" in shown_live(bad_row("failed", "[bold]x[/]"))


# --- nothing


def test_quiet_shows_nothing(capsys):
    view = Quiet()
    with view.showing():
        view.started(JOB)
        view.phase("measuring")
        view.finished(a_row())

    assert capsys.readouterr() == ("", "")
