"""`lstmbench report`: which format is written, to where, and what is refused in one line."""

import csv
import json
import re

import pytest
from conftest import GOLDEN, a_row, as_result, bad_row

from lstmbench.report.page import markdown
from lstmbench.result import read

FILE = str(GOLDEN / "result.json")


@pytest.mark.parametrize(
    ("name", "begin"),
    [
        ("page.md", "# Recurrent networks on"),
        ("page.html", "<!doctype html>"),
        ("page.HTM", "<!doctype html>"),
        ("page.json", '{\n "schema": "lstmbench/report"'),
        ("page.csv", "id,"),
        ("page.txt", "# Recurrent networks on"),
    ],
)
def test_the_end_of_the_name_says_the_format(tool, tmp_path, name, begin):
    assert tool("report", FILE, "-o", name) == (0, "", "")

    text = (tmp_path / name).read_text(encoding="utf-8")
    assert text[: len(begin)].lower() == begin.lower() or begin in text.splitlines()[0]


def test_a_format_that_is_named_wins_over_the_name(tool, tmp_path):
    assert tool("report", FILE, "-o", "page.txt", "--format", "json") == (0, "", "")

    assert json.loads((tmp_path / "page.txt").read_text())["schema"] == "lstmbench/report"


@pytest.mark.parametrize("form", ["markdown", "html", "json", "csv"])
def test_every_format_goes_to_standard_output_and_is_the_same_twice(tool, form):
    code, out, err = tool("report", FILE, "--format", form)

    assert (code, err) == (0, "")
    assert out
    assert tool("report", FILE, "--format", form)[1] == out


def test_every_row_of_several_files_is_in_the_data(tool, tmp_path):
    (tmp_path / "other.json").write_text(as_result([a_row()]).as_file())
    timed = sum(row.status == "ok" for row in read(GOLDEN / "result.json").rows)

    rows = list(
        csv.DictReader(tool("report", FILE, "other.json", "--format", "csv")[1].splitlines())
    )
    data = json.loads(tool("report", FILE, "other.json", "--format", "json")[1])

    assert len([row for row in rows if row["median_s"]]) == timed + 1
    assert len(data["rows"]) == len(read(GOLDEN / "result.json").rows) + 1
    assert len(data["files"]) == 2


def test_a_page_with_a_name_has_its_pictures_in_a_folder_of_that_name(tool, tmp_path):
    assert tool("report", FILE, "-o", "my page.md")[0] == 0

    text = (tmp_path / "my page.md").read_text(encoding="utf-8")
    shown = set(re.findall(r'(?:src|srcset)="([^"]*)"', text))
    drawn = {f"my%20page/{path.name}" for path in (tmp_path / "my page").iterdir()}
    assert shown == drawn
    assert shown


def test_a_page_on_standard_output_has_no_pictures(tool, tmp_path):
    _, out, _ = tool("report", FILE)

    assert "<img" not in out
    assert list(tmp_path.iterdir()) == []


def test_two_files_are_compared_side_by_side(tool, tmp_path):
    code, out, err = tool("report", "--compare", FILE, FILE)

    assert (code, err) == (0, "")
    assert out.startswith("# Two result files side by side")
    assert tool("report", "--compare", FILE, FILE, "-o", "side.json") == (0, "", "")
    assert json.loads((tmp_path / "side.json").read_text())["same_machine"] is True


def test_the_size_of_a_page_is_kept_to(tool):
    whole = markdown([read(GOLDEN / "result.json")])

    code, out, err = tool("report", FILE, "--max-bytes", "9000")

    assert (code, err) == (0, "")
    assert len(out.encode()) <= 9000 < len(whole.encode())


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "report: expected at least one result file, got none"),
        ([FILE, "--check"], "--check: expected --update FILE with it"),
        ([FILE, "--update", "x.md"], "--update: expected nothing else, the file names its"),
        (["--update", "x.md", "--compare"], "--update: expected nothing else"),
        ([FILE, "--compare"], "--compare: expected two result files, got 1"),
        ([FILE, FILE, "--compare", "--format", "csv"], "--compare: expected --format markdown or"),
        ([FILE, "--format", "json", "--max-bytes", "9"], "--max-bytes: expected --format markdown"),
        ([FILE, "--max-bytes", "9"], "--max-bytes: expected "),
        ([FILE, "--format", "html", "--max-bytes", "9"], "--max-bytes: expected at least "),
        (["absent.json"], "absent.json: cannot be read: No such file or directory"),
        (["empty.json"], "empty.json: not JSON, or cut short"),
        (["later.json"], "later.json: expected version 1, got 2; update lstmbench to read it"),
        ([FILE, "-o", "absent/page.md"], "absent/page.md: cannot be written"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(tool, tmp_path, arguments, line):
    (tmp_path / "empty.json").write_text("")
    later = {"schema": "lstmbench/result", "version": 2, "rows": []}
    (tmp_path / "later.json").write_text(json.dumps(later))

    code, out, err = tool("report", *arguments)

    assert (code, out) == (2, "")
    assert line in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("form", ["markdown", "html", "json", "csv"])
@pytest.mark.parametrize("rows", [[], [bad_row("failed"), bad_row("oom", backend="numpy")]])
def test_a_file_without_a_time_makes_a_clear_page(tool, tmp_path, form, rows):
    (tmp_path / "file.json").write_text(as_result(rows).as_file())

    code, out, err = tool("report", "file.json", "--format", form)

    assert (code, err) == (0, "")
    if form == "markdown":
        assert ("No row has a time" if rows else "nothing was measured") in out
