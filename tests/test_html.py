"""The HTML page: the same bytes for the same files, and inert whatever a file says."""

import hashlib
import json
import re
import tomllib
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from conftest import HOSTILE, a_row, a_workload, as_result, assert_golden, bad_row, contenders
from gpu_rows import on_gpu
from hypothesis import given, settings
from hypothesis import strategies as st
from test_breakeven_section import QUESTION, a_search
from test_report import a_hostile_result

from lstmbench.analysis.summary import lines_of
from lstmbench.errors import UsageError
from lstmbench.report.html import SCRIPTS, STYLES, VENDORED, VIEWER, page
from lstmbench.report.pictures.theme import DARK, LIGHT


class Skeleton(HTMLParser):
    """The elements of a page and the names of their attributes; the content of its data."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.data, self.policy = [], "", ""
        self._is_data = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.append((tag, *given))
        self._is_data = given.get("type") == "application/json"
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"]

    def handle_endtag(self, tag):
        self.tags.append((f"/{tag}",))
        self._is_data = False

    def handle_data(self, data):
        if self._is_data:
            self.data += data

    def handle_comment(self, _data):
        self.tags.append(("comment",))


def content(text):
    return json.loads(Skeleton(text).data)


def many_rows(count=60):
    rows = []
    for seq_len in range(1, count + 1):
        rows += contenders(a_workload(seq_len=seq_len), numpy=0.004, numba_cpu=0.001, torch=0.002)
    return as_result(rows, baseline="numpy")


# --- the page


def test_the_same_input_gives_the_same_bytes(golden_result):
    assert page([golden_result]) == page([golden_result.model_copy(deep=True)])


def test_the_data_of_the_table_of_the_golden_result_are_the_golden_ones(golden_result):
    found = content(page([golden_result]))

    assert_golden("report_content.json", json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def test_a_number_has_five_digits_and_no_more(golden_result):
    numbers = content(page([golden_result]))["rows"]["numbers"]
    by_line = [row for line in lines_of(golden_result.rows) for row in line.rows.values()]

    for row, median in zip(by_line, numbers["median_s"], strict=True):
        expected = None if row.time_s is None else float(f"{row.time_s.median:.5g}")
        assert median == expected


def test_every_row_of_every_file_is_in_the_data_of_the_page(golden_result):
    rows = content(page([golden_result, many_rows()]))["rows"]

    assert rows["count"] == len(golden_result.rows) + 180
    assert rows["numbers"]["file"] == [0] * len(golden_result.rows) + [1] * 180
    assert rows["text"]["backend"]["values"][-1] == "torch"


def test_the_answer_and_the_fields_are_in_the_page_without_a_script():
    text = page([as_result(contenders(numpy=0.004, numba_cpu=0.001), baseline="numpy")])
    before_scripts = " ".join(text[: text.index("<script")].split())

    assert "Wins <b>1</b> of 1 shape, <b>1</b> surely" in before_scripts
    assert "typically <b>4.00×</b> ahead" in before_scripts
    assert "T 3, B 2: numba-cpu is 4.00× ahead of numpy" in before_scripts


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([], "nothing was measured"),
        ([bad_row("failed")], "No row has a time"),
        ([a_row()], "nothing to compare"),
    ],
)
def test_a_file_without_an_answer_says_why(rows, why):
    text = page([as_result(rows)])

    assert why in text[: text.index("<script")]
    assert "Imaginary 9000" in text


def test_two_files_of_one_machine_and_day_are_both_in_the_page(golden_result):
    text = page([golden_result, golden_result])

    assert text.count('<section class="answer"') == 2
    assert len(content(text)["files"]) == 2


def test_a_page_runs_and_styles_what_its_policy_names_and_loads_nothing(golden_result):
    policy = Skeleton(page([golden_result])).policy

    parts = dict(part.split(" ", 1) for part in policy.split("; "))
    assert parts["default-src"] == parts["base-uri"] == parts["form-action"] == "'none'"
    assert parts["script-src"].count("'sha256-") == len(parts["script-src"].split())
    assert "unsafe" not in policy


def test_the_answers_to_a_break_even_question_are_in_the_page():
    text = page([a_search({1: 2.0, 30: 2.0, 33: 0.5, 64: 0.5})])

    assert "From which batch size on torch-cuda beats numba-cpu" in text
    assert "torch-cuda is surely faster from batch size 33 on" in text


def test_what_the_same_code_under_two_names_shows_is_in_the_page():
    rows = [a_row(backend=name) for name in ("numba-cpu", "numba-cpu@again")]

    assert "numba-cpu@again / numba-cpu: 1.00× in the geometric mean" in page([as_result(rows)])


def test_a_gpu_is_named_where_the_machine_is():
    text = page([as_result([on_gpu()])])

    assert "Imaginary 9000 @ 3.00GHz · Imaginary GPU 9 · 2026-01-02 03:04" in text
    assert "<li>Imaginary GPU 9, compute capability 9.9, 132 multiprocessors" in text


def test_a_backend_has_the_colour_of_the_pictures():
    text = page([as_result(contenders(numba_cpu=0.001, torch_cpu=0.002))])

    (number,) = {colour[1:] for name, colour in content(text)["backends"] if name == "numba-cpu"}
    blue = f"--c{number}:light-dark({LIGHT.hues['blue']},{DARK.hues['blue']});"
    assert blue in text


# --- smaller pages


def test_a_page_is_made_with_less_in_the_order_it_states():
    result = many_rows()
    whole = page([result])
    said = [page([result], max_bytes=len(whole.encode()))]
    while "the tables of who is fastest where" not in said[-1]:
        said.append(page([result], max_bytes=len(said[-1].encode()) - 1))

    with pytest.raises(UsageError, match="--max-bytes: expected at least"):
        page([result], max_bytes=len(said[-1].encode()) - 1)
    assert said[0] == whole
    without = [re.findall(r"it lacks (.*?)\.\nThe result", text) for text in said]
    assert without[1][0].startswith("the samples of each row")
    assert without[2][0].endswith("neither the fastest of their work nor of the baseline")
    assert without[-1][0].endswith("the tables of who is fastest where")
    assert all(len(b.encode()) < len(a.encode()) for a, b in pairwise(said))


def test_a_smaller_page_keeps_the_fastest_the_baseline_and_what_failed():
    result = many_rows()
    failed = bad_row("oom", workload=a_workload(seq_len=99), backend="torch")
    result = as_result([*result.rows, failed], baseline="numpy")
    full = page([result])
    wanted = len(full.encode())
    while (rows := content(text := page([result], max_bytes=wanted))["rows"])["count"] > 121:
        wanted = len(text.encode()) - 1

    backends = rows["text"]["backend"]
    assert sorted(backends["values"][at] for at in backends["at"]) == sorted(
        ["numpy"] * 60 + ["numba-cpu"] * 60 + ["torch"]
    )


# --- strangers' text


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_no_markup(name):
    harmless = Skeleton(page([a_hostile_result("word")])).tags

    assert Skeleton(page([a_hostile_result(HOSTILE[name])])).tags == harmless


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_names_in_a_stranger_s_question_and_gpu_are_no_markup(text):
    def tags(name):
        question = QUESTION.model_copy(update={"backend": name, "against": name})
        return Skeleton(page([a_search({1: 0.5}, question), as_result([on_gpu(name=name)])])).tags

    assert tags(text) == tags("word")


_TEXT = st.text(min_size=1).filter(lambda text: text not in ("numpy", "fake"))
_PIECES = st.sampled_from(
    ["<", ">", "&", '"', "'", "</script>", "<!--", "<script", "]]>", "\u2028", "{{", "{%", "\0"]
)


@given(st.lists(st.one_of(_PIECES, _TEXT), min_size=1).map("".join))
@settings(max_examples=25)
def test_no_text_at_all_is_markup(text):
    harmless = Skeleton(page([a_hostile_result("word")])).tags
    hostile = Skeleton(page([a_hostile_result(f"x{text}")]))

    assert hostile.tags == harmless
    assert not set(hostile.data) & set("<>&\u2028\u2029")
    assert json.loads(hostile.data)["rows"]["count"] == 4


# --- what comes from others


def test_vendored_files_are_those_that_were_taken():
    libraries = tomllib.loads((VENDORED / "VENDORED.toml").read_text(encoding="utf-8"))["library"]

    for library in libraries:
        assert (
            hashlib.sha256((VENDORED / library["file"]).read_bytes()).hexdigest()
            == (library["sha256"])
        )
        assert "Permission to use, copy" in (VENDORED / library["licence"]).read_text()
        assert f"v{library['version']}" in (VENDORED / library["file"]).read_text()[:200]
    named = {library[key] for library in libraries for key in ("file", "licence")}
    assert {path.name for path in VENDORED.iterdir()} == {*named, "VENDORED.toml"}


def test_every_script_and_style_of_the_viewer_is_in_the_page():
    assert {path.name for path in VIEWER.glob("*.js")} == set(SCRIPTS)
    assert {path.name for path in VIEWER.glob("*.css")} == set(STYLES)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_strict_short_and_makes_no_markup_of_text(name):
    text = (VIEWER / name).read_text(encoding="utf-8")

    assert text.startswith('"use strict";\n// ')
    assert len(lines := text.splitlines()) <= 400
    assert max(map(len, lines)) <= 100
    for live in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "eval(",
        "document.write",
        "Function(",
    ):
        assert live not in text
