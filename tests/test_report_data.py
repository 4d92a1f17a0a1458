"""A report as plain data: what stands in it is what the rows say, whatever their text."""

import json

import pytest
from conftest import HOSTILE, a_row, a_workload, as_result, assert_golden, bad_row, contenders

from lstmbench.report import data


def test_the_data_of_the_golden_result_are_the_golden_ones(golden_result):
    assert_golden("report.json", data.as_text([golden_result]))


def test_the_same_input_gives_the_same_bytes(golden_result):
    assert data.as_text([golden_result]) == data.as_text([golden_result.model_copy(deep=True)])


def test_every_row_of_every_file_is_there_with_the_number_of_its_file(golden_result):
    rows = data.as_json([golden_result, as_result([a_row()])])["rows"]

    assert [row["file"] for row in rows] == [0] * len(golden_result.rows) + [1]
    assert {row["id"] for row in rows[:-1]} == {row.id for row in golden_result.rows}


def test_a_row_stands_where_its_time_puts_it_and_says_how_far_from_the_others():
    result = as_result(contenders(numpy=0.008, numba_cpu=0.001, torch_cpu=0.002), baseline="numpy")

    rows = {row["backend"]: row for row in data.as_json([result])["rows"]}

    assert [rows[name]["rank"] for name in ("numpy", "numba-cpu", "torch-cpu")] == [3, 1, 2]
    assert rows["numba-cpu"]["ahead"][0] == pytest.approx(2)
    assert rows["torch-cpu"]["ahead"][0] == pytest.approx(0.5)
    assert rows["torch-cpu"]["speedup"][0] == pytest.approx(4)
    assert [rows[name]["sure"] for name in rows] == [False, True, False]


def test_the_choice_says_its_best_its_worst_and_against_whom():
    rows = contenders(numpy=0.004, numba_cpu=0.001, torch_cpu=0.002)
    long = a_workload(seq_len=7)
    rows += contenders(long, numpy=0.004, numba_cpu=0.001, torch_cpu=0.0005)
    longer = a_workload(seq_len=9)
    rows += contenders(longer, numpy=0.003, numba_cpu=0.001, torch_cpu=0.008)

    (choice,) = data.as_json([as_result(rows, baseline="numpy")])["files"][0]["choices"]

    assert (choice["backend"], choice["won"], choice["contests"]) == ("numba-cpu", 2, 3)
    assert choice["best"]["ahead"][0] == pytest.approx(3)
    assert (choice["best"]["rival"], choice["best"]["seq_len"]) == ("numpy", 9)
    assert choice["worst"]["ahead"][0] == pytest.approx(0.5)
    assert (choice["worst"]["rival"], choice["worst"]["seq_len"]) == ("torch-cpu", 7)


def test_a_row_without_a_time_says_why_and_stands_nowhere():
    (row,) = data.as_json([as_result([bad_row("oom", "no memory")])])["rows"]

    assert (row["status"], row["reason"]) == ("oom", "no memory")
    assert row["median_s"] is row["rank"] is row["ahead"] is row["speedup"] is None


def test_a_file_without_rows_is_a_report_without_an_answer():
    report = data.as_json([as_result([])])

    assert report["rows"] == report["files"][0]["choices"] == []


@pytest.mark.parametrize("name", HOSTILE)
def test_text_comes_out_as_it_went_in(name):
    text = HOSTILE[name]
    rows = [a_row(backend=text), bad_row("failed", text)]

    report = json.loads(data.as_text([as_result(rows, command=text)]))

    assert report["files"][0]["command"] == text
    assert report["rows"][0]["backend"] == report["rows"][1]["reason"] == text


def test_a_file_without_rows_leaves_no_gap_between_the_rows_of_others():
    results = [as_result([]), as_result([a_row()]), as_result([])]

    assert json.loads(data.as_text(results)) == json.loads(json.dumps(data.as_json(results)))
    assert json.loads(data.as_text([])) == data.as_json([])
