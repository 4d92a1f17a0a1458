"""Files of pytest-benchmark become result files where they say what they measured."""

import json

import pytest
from conftest import HOSTILE, a_header, a_row, a_workload, as_result

from lstmbench.comparison.compare import compare
from lstmbench.errors import ResultFormatError
from lstmbench.formats.export import export
from lstmbench.formats.measured import Measured
from lstmbench.formats.pytest_benchmark_import import read
from lstmbench.report.page import markdown
from lstmbench.result import read as read_result

SAMPLES = (0.001, 0.002, 0.003, 0.004, 0.005, 0.006)


@pytest.fixture
def imported(tmp_path):
    """Read what is given as a file of pytest-benchmark."""

    def imported(content):
        path = tmp_path / "theirs.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return read(path)

    return imported


def measured_by_theirs(extra=None, **stats):
    """What pytest-benchmark writes of one benchmark that names its row."""
    identity = {"id": a_workload().id, "backend": "fake", "device": "cpu", "threads": 1}
    header = a_header(measured_by="pytest-benchmark").model_dump(mode="json")
    return {
        "machine_info": {"lstmbench": header},
        "benchmarks": [
            {
                "fullname": "tests/test_x.py::test_x",
                "extra_info": {**identity, **(extra or {})},
                "stats": {"data": SAMPLES, "iterations": 3, **stats},
            }
        ],
    }


def test_what_was_exported_comes_back_as_it_was(imported):
    ragged = a_workload(lengths="uniform", steps=(3, 1))
    result = as_result([a_row(), a_row(ragged, backend="numpy", threads=2)])

    assert imported(export(Measured.of(result), "pytest-benchmark")) == result


def test_a_benchmark_that_names_its_row_is_one(imported):
    (row,) = imported(measured_by_theirs()).rows

    assert row.key == a_row().key
    assert (row.status, row.samples_s, row.loops) == ("ok", SAMPLES, 3)
    assert row.time_s.median == pytest.approx(0.0035)
    assert row.sequences_per_s == pytest.approx(2 / 0.0035)
    assert row.error is None


def test_a_report_promises_nothing_of_what_another_tool_measured(imported):
    page = markdown([imported(measured_by_theirs())])

    assert "Measured by pytest-benchmark: " in page
    assert "Every row was verified" not in page
    assert "fresh process" not in page


def test_who_measured_is_a_difference_between_two_files(imported):
    comparison = compare(as_result([a_row()]), imported(measured_by_theirs()))

    assert ("measured by", "lstmbench", "pytest-benchmark") in comparison.others


def without(content, *keys):
    """The same without what stands at the end of a path of keys."""
    place = content
    for key in keys[:-1]:
        place = place[key]
    del place[keys[-1]]
    return content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], r"not pytest-benchmark's \(no machine_info and benchmarks\)"),
        ({"machine_info": {}, "benchmarks": []}, "machine_info does not have 'lstmbench'"),
        (
            without(measured_by_theirs(), "machine_info", "lstmbench", "fingerprint"),
            "machine_info.lstmbench: fingerprint: Field required",
        ),
        (
            without(measured_by_theirs(), "benchmarks", 0, "extra_info", "id"),
            "benchmark tests/test_x.py::test_x: extra_info has no id of a row",
        ),
        (
            without(measured_by_theirs(), "benchmarks", 0, "stats", "data"),
            "benchmark tests/test_x.py::test_x: data: Field required",
        ),
        (measured_by_theirs({"id": "lstm"}), "test_x: row id: expected CELL/MODE"),
        (measured_by_theirs({"threads": 0}), "test_x: threads: "),
        (measured_by_theirs(data=SAMPLES[:5]), "test_x: data: Tuple should have at least 6"),
        (measured_by_theirs(data=[0.0] * 6), r"test_x: data\[0\]: "),
        (measured_by_theirs(data=[5e-324] * 6), r"test_x: data\[0\]: "),
        (measured_by_theirs({"time_s": {}}), "test_x: "),
        ({**measured_by_theirs(), "benchmarks": [None]}, "benchmark None: extra_info has no id"),
    ],
)
def test_anything_else_is_refused_with_one_line_that_names_the_benchmark(
    imported, content, message
):
    with pytest.raises(ResultFormatError, match=message) as refused:
        imported(content)
    assert "\n" not in str(refused.value)


def test_a_row_twice_is_refused(imported):
    content = measured_by_theirs()
    content["benchmarks"] *= 2

    with pytest.raises(ResultFormatError, match="is there twice"):
        imported(content)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_a_name(imported, name):
    (row,) = imported(measured_by_theirs({"backend": HOSTILE[name]})).rows

    assert row.backend == HOSTILE[name]


def test_the_command_writes_a_result_file(tool, tmp_path):
    (tmp_path / "theirs.json").write_text(json.dumps(measured_by_theirs()))

    assert tool("import", "theirs.json", "-o", "ours.json") == (0, "", "")
    assert read_result(tmp_path / "ours.json").rows[0].id == a_row().id
