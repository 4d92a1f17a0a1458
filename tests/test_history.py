"""A history of result files: a series for each row and machine, and what is said of its steps."""

import json
import os
from datetime import timedelta

import pytest
from conftest import a_row, a_workload, bad_row
from nights import BEGIN, WOBBLE, night, shown, times, written

from lstmbench.errors import ResultFormatError, UsageError
from lstmbench.history import page as history_page
from lstmbench.history.series import as_json, load
from lstmbench.machine.gpu import Gpu
from lstmbench.statistics.steps import NEEDED


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A function that writes the files of some nights into a folder, which it returns."""
    monkeypatch.chdir(tmp_path)
    return written


@pytest.fixture
def slower_by_a_tenth(folder):
    """A folder in which a row is slower from the thirteenth file on, with another Python."""
    return folder(
        night(n, a_row(seconds=time), software={"python": "3.12.1"} if n >= 12 else None)
        for n, time in enumerate(times(1, 1.1))
    )


def steps_of(history):
    return [
        (step.after.name, step.word, round(step.ratio, 2))
        for change in history.changes
        for step in change.steps
    ]


# --- series


def test_a_step_is_told_at_its_first_file(slower_by_a_tenth):
    history = load([slower_by_a_tenth], 0.03)

    (change,) = history.changes
    (step,) = change.steps
    assert (step.before.name, step.after.name) == ("nightly/011.json", "nightly/012.json")
    assert step.word == "slower"
    assert step.ratio == pytest.approx(1.1, abs=0.005)
    assert step.ratio == pytest.approx(step.after_s / step.before_s)


def test_a_row_that_became_faster_is_told_too(folder):
    path = folder(night(n, a_row(seconds=t)) for n, t in enumerate(times(1, 0.8)))

    assert steps_of(load([path], 0.03)) == [("nightly/012.json", "faster", 0.8)]


def test_the_newest_step_comes_first_and_the_largest_of_a_night(folder):
    small, large = a_workload(seq_len=1), a_workload(seq_len=2)
    both = zip(times(1, 1.1, 1.3), times(1, 1, 2), strict=True)
    path = folder(
        night(n, a_row(small, seconds=one), a_row(large, seconds=two))
        for n, (one, two) in enumerate(both)
    )

    assert steps_of(load([path], 0.03)) == [
        ("nightly/024.json", "slower", 2.0),
        ("nightly/024.json", "slower", 1.18),
        ("nightly/012.json", "slower", 1.1),
    ]


def test_files_are_ordered_by_when_they_were_made_and_then_by_name(folder):
    results = [night(n, a_row(seconds=t)) for n, t in enumerate(times(1, 1.1))]
    path = folder(reversed(results))
    assert steps_of(load([path], 0.03)) == [("nightly/011.json", "slower", 1.1)]

    at_once = folder([night(0, a_row()) for _ in range(3)], "at-once")
    (series,) = load([at_once / "002.json", at_once / "000.json", at_once], 0.03).series
    assert [p.entry.name for p in series.points] == [f"at-once/00{n}.json" for n in range(3)]


def test_a_time_zone_is_heeded_and_none_is_utc(folder):
    created = ["2026-01-02T01:00:00+02:00", "2026-01-02T00:30:00", "2026-01-01T22:00:00-01:00"]
    path = folder(night(0, a_row(), created=each) for each in created)

    names = [entry.name[-8:] for entry in load([path], 0.03).entries]
    assert names == ["000.json", "002.json", "001.json"]


def test_another_machine_is_another_series_and_no_step(folder):
    path = folder(
        night(n, a_row(seconds=time), machine={"cpu_model": "Other"} if n >= 12 else None)
        for n, time in enumerate(times(1, 1.1))
    )

    history = load([path], 0.03)
    assert len(history.series) == 2
    assert history.changes == ()


def test_another_gpu_is_another_machine(folder):
    def on(name):
        return a_row().model_copy(update={"gpu": Gpu.model_construct(name=name, memory_bytes=1)})

    results = [night(n, on("A" if n < 3 else "B")) for n in range(5)]
    path = folder(night(n) for n in range(5))
    found = {f"{n:03}.json": result for n, result in enumerate(results)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lstmbench.history.series.read", lambda file: found[file.name])
        history = load([path], 0.03)

    assert [len(series.points) for series in history.series] == [3, 2]


def test_other_threads_backends_and_lengths_are_other_series(folder):
    rows = [
        a_row(),
        a_row(threads=2),
        a_row(backend="numpy"),
        a_row(a_workload(lengths="mine", steps=(3, 2))),
    ]
    other_lengths = a_row(a_workload(lengths="mine", steps=(3, 1)))
    path = folder([night(0, *rows), night(1, other_lengths)])

    assert len(load([path], 0.03).series) == 5


def test_a_row_without_a_time_is_a_gap_and_no_step(folder):
    path = folder(
        night(n, bad_row("failed") if n % 5 == 4 else a_row(seconds=time))
        for n, time in enumerate(times(1))
    )

    history = load([path], 0.03)
    (series,) = history.series
    assert [time is None for _, time in series.points] == [n % 5 == 4 for n in range(12)]
    assert series.gaps == 2
    assert history.changes == ()
    assert "2 gaps" in shown(history, every=True)


def test_a_step_after_a_gap_names_the_last_file_with_a_time(folder):
    path = folder(
        night(n, bad_row("failed") if 10 <= n < 12 else a_row(seconds=time))
        for n, time in enumerate(times(1, 1.2))
    )

    ((step,),) = (change.steps for change in load([path], 0.03).changes)
    assert (step.before.name, step.after.name) == ("nightly/009.json", "nightly/012.json")


def test_a_file_without_the_row_says_nothing_of_it(folder):
    other = a_row(backend="numpy")
    path = folder(
        night(n, *([other] if n % 2 else [a_row(seconds=t)]))
        for n, t in enumerate(times(1, 1.2, each=20))
    )

    history = load([path], 0.03)
    assert [series.gaps for series in history.series] == [0, 0]
    assert [name for name, *_ in steps_of(history)] == ["nightly/020.json"]


def test_too_few_times_are_told(folder):
    path = folder(night(n, a_row()) for n in range(NEEDED - 1))

    history = load([path], 0.03)
    assert len(history.short) == 1
    assert f"{NEEDED - 1} of the {NEEDED} times that a step needs" in shown(history)
    assert f"fewer than {NEEDED} times on one machine (1)" in history_page.page(history)


def test_a_row_that_never_had_a_time_is_told(folder):
    path = folder(night(n, bad_row("unavailable")) for n in range(NEEDED))

    history = load([path], 0.03)
    assert f"0 of the {NEEDED} times" in shown(history, every=True)


# --- what explains a step


def test_what_differs_between_the_two_files_is_told(slower_by_a_tenth):
    history = load([slower_by_a_tenth], 0.03)

    (change,) = history.changes
    assert [tuple(each) for each in change.differences()] == [("python", "3.11.9", "3.12.1")]
    assert "python: 3.11.9 → 3.12.1" in shown(history)
    assert "| python | 3.11.9 | 3.12.1 |" in history_page.page(history)


def test_the_versions_of_the_project_and_the_backend_are_told(folder):
    def of(n, time):
        row = a_row(seconds=time).model_copy(update={"backend_version": "1" if n < 12 else "2"})
        return night(n, row, software={"lstmbench": "0.1.0" if n < 12 else "0.2.0"})

    history = load([folder(of(n, time) for n, time in enumerate(times(1, 1.1)))], 0.03)

    text, page = shown(history), history_page.page(history)
    assert "lstmbench 0.1.0 → 0.2.0" in text
    assert "lstmbench 0.1.0 → 0.2.0" in page
    assert "version 1 → 2" in text
    assert "| fake | 1 → 2 |" in page
    assert as_json(history)["changes"][0]["steps"][0]["backend_versions"] == ["1", "2"]


def test_what_differs_is_told_even_where_the_step_is_found_a_file_off(folder):
    path = folder(
        night(n, a_row(seconds=time), software={"numba": "1" if n < 13 else "2"})
        for n, time in enumerate(times(1, 1.1))
    )

    (change,) = load([path], 0.03).changes
    assert [entry.name for entry in change.around] == ["nightly/010.json", "nightly/013.json"]
    assert ("numba", "1", "2") in change.differences()


def test_steps_that_may_be_one_stand_together_and_no_others(folder):
    def rows(n):
        begins = {1: 12, 2: 13, 3: 14, 4: 16}
        return [
            a_row(a_workload(seq_len=size), seconds=(1.2 if n >= at else 1) * WOBBLE[n % 8])
            for size, at in begins.items()
        ]

    history = load([folder(night(n, *rows(n)) for n in range(30))], 0.03)

    found = [sorted(step.after.name[-8:-5] for step in c.steps) for c in history.changes]
    assert found == [["016"], ["012", "013", "014"]]
    together = history.changes[1]
    assert (together.first.name[-8:], together.last.name[-8:]) == ("012.json", "014.json")
    assert [entry.name[-8:] for entry in together.around] == ["010.json", "015.json"]
    assert "2026-01-13 03:00 UTC to 2026-01-15 03:00 UTC" in shown(history)


def test_steps_on_two_machines_never_stand_together(folder):
    both = [
        night(
            n + half,
            a_row(seconds=time),
            machine=machine,
            created=(BEGIN + timedelta(days=n, hours=half)).isoformat(),
        )
        for n, time in enumerate(times(1, 1.1))
        for half, machine in enumerate([None, {"cpu_model": "Other"}])
    ]

    history = load([folder(both)], 0.03)
    assert [len(change.steps) for change in history.changes] == [1, 1]


def test_files_that_say_the_same_are_said_to(folder):
    history = load([folder(night(n, a_row(seconds=t)) for n, t in enumerate(times(1, 1.1)))], 0.03)

    assert "These two files say nothing differently." in history_page.page(history)


# --- files


def test_a_folder_is_its_result_files_and_each_is_read_once(folder):
    path = folder(night(n, a_row()) for n in range(3))
    (path / "notes.txt").write_text("no result")

    assert len(load([path, path / "001.json", path], 0.03).entries) == 3


def test_a_damaged_file_is_an_error_with_its_name(folder):
    path = folder(night(n, a_row()) for n in range(3))
    (path / "001.json").write_text("{")

    with pytest.raises(ResultFormatError, match=r"nightly/001.json: not JSON"):
        load([path], 0.03)


def test_a_file_whose_time_is_none_is_an_error_with_its_name(folder):
    path = folder([night(0, a_row(), created="yesterday")])

    with pytest.raises(ResultFormatError, match=r"000.json: created: .*ISO 8601, got 'yesterday'"):
        load([path], 0.03)


def test_a_file_whose_name_is_no_text_has_a_name_all_the_same(tool, folder):
    path = folder([night(0, a_row())])
    (path / "000.json").rename(os.fsdecode(b"nightly/\xff.json"))

    assert tool("history", "nightly", "-o", "page.md")[0] == 0
    assert json.loads(tool("history", "nightly", "--json")[1])["series"][0]["points"][0] == {
        "file": r"nightly/\xff.json",
        "created": BEGIN.isoformat(),
        "seconds": 0.001,
    }


def test_an_empty_folder_is_an_error(folder):
    with pytest.raises(UsageError, match=r"nightly: expected result files \(\*.json\)"):
        load([folder([])], 0.03)


def test_only_the_backends_that_are_asked_for_are_told(folder):
    path = folder([night(0, a_row(), a_row(backend="numpy"))])

    assert [s.row.backend for s in load([path], 0.03, backends=["numpy"]).series] == ["numpy"]
    with pytest.raises(UsageError, match="did you mean 'numpy'"):
        load([path], 0.03, backends=["nunpy"])


def test_of_a_file_only_its_header_and_medians_are_kept(folder):
    history = load([folder(night(n, a_row()) for n in range(3))], 0.03)

    assert not any(hasattr(entry.header, "rows") for entry in history.entries)
    assert [len(point) for series in history.series for point in series.points] == [2, 2, 2]


# --- the command


def test_history_ends_well_whatever_the_steps_are(tool, slower_by_a_tenth, tmp_path):
    code, out, err = tool("history", str(slower_by_a_tenth), "-o", "page.md")

    assert (code, err) == (0, "")
    assert "slower 1.10×" in out
    assert "│" in (tmp_path / "page.md").read_text(encoding="utf-8")


def test_a_history_as_json_is_on_stdout(tool, slower_by_a_tenth):
    code, out, err = tool("history", str(slower_by_a_tenth), "--json")

    found = json.loads(out)
    assert (code, err) == (0, "")
    assert found["changes"][0]["steps"][0]["after"] == "nightly/012.json"
    assert found["changes"][0]["steps"][0]["word"] == "slower"
    assert len(found["series"][0]["points"]) == 24


def test_a_step_smaller_than_the_least_is_not_told(tool, slower_by_a_tenth):
    code, out, _ = tool("history", str(slower_by_a_tenth), "--least", "0.2")

    assert code == 0
    assert "0 steps in 0 rows" in out
    assert "20.0 % or more" in out
