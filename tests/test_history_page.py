"""A history on a page and on a terminal."""

import pytest
from conftest import HOSTILE, a_row, a_workload, assert_golden, bad_row
from nights import WOBBLE, environment, night, shown, times, written
from test_report import skeleton

from lstmbench.history import page as history_page
from lstmbench.history import table as history_table
from lstmbench.history.series import load


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A function that writes the files of some nights into a folder, which it returns."""
    monkeypatch.chdir(tmp_path)
    return written


def eventful(folder):
    """Twenty-four nights: a step of two rows, a gap, a steady row, and one that is new."""

    def of(n, one, two):
        rows = [
            a_row(seconds=one) if n != 5 else bad_row("failed"),
            a_row(a_workload(mode="train"), seconds=4 * two),
            a_row(a_workload(mode="train"), seconds=0.5 * WOBBLE[n % 8], backend="numpy"),
        ]
        if n >= 20:
            rows.append(a_row(a_workload(data="sunspots", input_size=1)))
        versions = {"numba": "0.68.1", "lstmbench": "0.2.0"} if n >= 12 else {"numba": "0.68.0"}
        return night(n, *rows, software=versions)

    both = zip(times(1, 1.1), times(1, 0.8), strict=True)
    return load([folder(of(n, *pair) for n, pair in enumerate(both))], 0.03)


def test_the_page_is_that_of_the_golden_file(folder):
    assert_golden("history.md", history_page.page(eventful(folder), every=True))


def test_the_terminal_is_that_of_the_golden_file(folder):
    assert_golden("history.txt", shown(eventful(folder), every=True))


def test_only_rows_with_a_step_have_a_chart_unless_all_are_wanted(folder):
    history = eventful(folder)

    assert "numpy×1" not in shown(history)
    assert "Rows without a step" not in history_page.page(history)
    assert "numpy×1" in shown(history, every=True)


def test_many_nights_and_rows_are_folded_and_none_is_lost(folder, monkeypatch):
    monkeypatch.setattr(history_page, "SHOWN", 1)
    monkeypatch.setattr(history_table, "SHOWN", 1)
    works = [a_workload(seq_len=n) for n in (1, 2, 3)]
    path = folder(
        night(n, *(a_row(work, seconds=time) for work in works))
        for n, time in enumerate(times(1, 1.1, 1.3))
    )

    history = load([path], 0.03)
    page, text = history_page.page(history), shown(history)
    assert "Older steps (1 night)" in page
    assert page.count("The other rows (2)") == 2
    assert page.count("| slower |") == 6
    assert "and 1 older night with steps" in text
    assert "and 2 more rows" in text


def hostile(folder, text):
    """A history with a step, every string of which a stranger chose."""

    def of(n, time):
        fields = {
            "software": {text: str(n >= 12), "lstmbench": text},
            "governor": text,
            "warnings": (text,) if n >= 12 else (),
        }
        strange = environment(cpu_model=text).model_copy(update=fields)
        row = a_row(seconds=time, backend=text).model_copy(update={"backend_version": text})
        rows = (row, a_row(backend=f"new {text}")) if n > 20 else (row,)
        return night(n, *rows, environment=strange, fingerprint=text, command=f"{n >= 12} {text}")

    return load([folder(of(n, time) for n, time in enumerate(times(1, 1.1)))], 0.03)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_changes_nothing_in_the_structure_of_the_page(folder, name):
    def structure(text):
        return skeleton(history_page.page(hostile(folder, text), every=True))

    assert structure(HOSTILE[name]) == structure("word")


def test_a_terminal_gets_nothing_that_it_would_obey(folder):
    text = shown(hostile(folder, "\x1b[31m[bold]\x07\u202e x\ny"))

    assert all(c.isprintable() or c == "\n" for c in text)
    assert "[bold]" in text
