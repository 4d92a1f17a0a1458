"""The Markdown report: the same bytes for the same files, and inert whatever a file says."""

import re
from html import unescape

import pytest
from conftest import (
    GOLDEN,
    HOSTILE,
    a_machine,
    a_row,
    a_workload,
    as_result,
    assert_golden,
    bad_row,
    ok_outcome,
)
from github import assert_renders, rendered
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmbench.errors import ResultFormatError, UsageError
from lstmbench.machine.environment import Environment
from lstmbench.report import blocks
from lstmbench.report.page import RANKS, markdown
from lstmbench.report.shelf import Shelf


def a_hostile_result(text):
    strange = {"fraction_of_peak": 0.5, "bound": text, "precision": text}
    beside_the_bound = ok_outcome().model_copy(update=strange)
    return as_result(
        [
            a_row(backend="numpy"),
            a_row(backend=text, seconds=0.0005),
            a_row(backend=f"numba-{text}", outcome=beside_the_bound),
            bad_row("failed", text, workload=a_workload(mode="train"), backend=text),
        ],
        baseline="numpy",
        command=text,
        created=text,
        suite=text,
        timed_calls={text: text},
        fingerprint=text,
        environment=Environment(
            machine=a_machine(
                cpu_model=text, architecture=text, system=text, simd=(text,), caches={text: 1024}
            ),
            software={text: text},
            load_average=None,
            governor=text,
            warnings=(text,),
        ),
    )


def skeleton(page):
    """What a Markdown renderer takes for structure: how lines begin, and the special characters."""
    lines = []
    for line in page.splitlines():
        words = re.sub(r"&#\d+;", "w", line)
        head = re.match(r"\s*((?:[-+>]|#+|\d+[.)])(?:\s+|$))*[-=]*", words)[0]
        lines.append((head.strip(), re.sub(r"[^|`<>\[\]()*_#~$&\\]", "", words)))
    return lines


# --- the page


def test_the_report_of_the_golden_result_is_the_golden_one(golden_result):
    assert_golden("report.md", markdown([golden_result], Shelf("report")))


def test_the_block_of_the_golden_result_is_the_golden_one(golden_result):
    assert_golden(
        "block.md", blocks.block(golden_result, "golden/result.json", Shelf("golden/result"))
    )


def test_the_same_input_gives_the_same_bytes(golden_result):
    assert markdown([golden_result]) == markdown([golden_result.model_copy(deep=True)])


def test_several_files_make_one_page_with_a_part_for_each(golden_result):
    other = as_result([a_row()])

    page = markdown([golden_result, other])

    assert page.count("\n## ") == 2
    assert page.count("\n### Machine") == page.count("\n### Method") == 2
    assert page.startswith("# ")
    assert page.endswith("\n")
    assert not page.endswith("\n\n")


def test_a_page_states_machine_versions_threads_precision_baseline_and_spread(golden_result):
    page = unescape(markdown([golden_result]))

    for part in (
        "Imaginary 9000 @​ 3.00GHz",
        "numpy 2.4.6",
        "2 threads",
        "float32, float64",
        "Speedup = time of numpy / time: above 1 is faster",
        "95 % interval",
        "± 1.",
        "warning: load average 3.50",
        "torch is not installed; pip install torch==2.13.0",
    ):
        assert part in page


def test_every_row_is_in_the_page(golden_result):
    page = unescape(markdown([golden_result])).replace("\\", "")
    every = page.split("<summary>Every row")[1].split("</details>")[0]

    timed = [row for row in golden_result.rows if row.status == "ok"]
    assert every.count("\n| ") - 2 == len(timed)
    for row in golden_result.rows:
        assert row.id in page


def test_every_table_has_the_same_number_of_cells_in_each_line(golden_result):
    for table in re.findall(r"(?:^\|.*\n)+", markdown([golden_result]), re.M):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_a_result_without_a_time_still_makes_a_page():
    page = markdown([as_result([bad_row("unavailable")])])

    assert "**No row has a time.**" in page
    assert "### Rows without a time" in page


def test_a_result_without_rows_still_makes_a_page():
    assert "nothing was measured" in markdown([as_result([])])


def test_one_kind_of_backend_alone_is_compared_with_nobody():
    rows = [a_row(backend="fake"), a_row(backend="fake@again")]

    assert "there is nothing to compare" in markdown([as_result(rows)])


def test_a_grid_without_a_time_of_the_baseline_has_no_speedup():
    rows = [bad_row("failed", backend="numpy")]
    rows += [a_row(a_workload(seq_len=n)) for n in (1, 2)]

    assert "| fake<br>2.00 k/s |" in markdown([as_result(rows, baseline="numpy")])


def test_one_row_is_not_rows():
    rows = [a_row(backend="numpy"), a_row(seconds=0.0005)]

    assert "in 1 of 1 shape," in markdown([as_result(rows, baseline="numpy")])


# --- a page of a given size


def sizes(result):
    """The bytes of the page as each rank of parts is left out, the longest first."""
    found = []
    limit = len(markdown([result]).encode())
    while True:
        try:
            text = markdown([result], max_bytes=limit)
        except UsageError as error:
            return found, str(error)
        found.append(text)
        # The page names its limit, which may be a digit shorter each time.
        limit = len(text.encode()) - 9


def test_parts_are_left_out_in_the_stated_order_and_the_page_says_so(golden_result):
    pages, _ = sizes(golden_result)

    assert len(pages) == len(RANKS)
    for missing, text in enumerate(pages):
        kept, left_out = RANKS[: len(RANKS) - missing], RANKS[len(RANKS) - missing :]
        assert ("Left out, to stay within" in text) is bool(left_out)
        assert all(what in text for what in left_out)
        assert not any(f"; {what}" in text for what in kept)
    heads = ["Every row (", "### Own kernels", "### Compile time", "### Rows without a time"]
    assert [[head in text for head in heads] for text in pages] == [
        [True, True, True, True],
        [False, True, True, True],
        [False, False, True, True],
        [False, False, False, True],
        [False, False, False, False],
    ]
    assert all("use numba-cpu" in text and "### Method" in text for text in pages)


def test_a_page_is_never_longer_than_it_may_be(golden_result):
    whole = len(markdown([golden_result]).encode())

    for limit in range(whole // 2, whole + 100, 500):
        assert len(markdown([golden_result], max_bytes=limit).encode()) <= limit


def test_a_size_that_the_answer_does_not_fit_in_is_an_error_that_names_the_least(golden_result):
    _, error = sizes(golden_result)

    least = re.search(r"--max-bytes: expected (\d+) or more, got \d+", error)
    assert least is not None
    assert len(markdown([golden_result], max_bytes=int(least[1]))) > 0


# --- as GitHub renders it


def test_every_table_of_the_page_is_a_table_on_github(golden_result):
    page = markdown([golden_result], Shelf("page"))

    assert rendered(page).count("<table>") > 5
    assert_renders(page)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_text_on_github(name):
    harmless = re.findall(r"<[^>]*>", rendered(markdown([a_hostile_result("word")])))

    assert re.findall(r"<[^>]*>", rendered(markdown([a_hostile_result(HOSTILE[name])]))) == harmless


@given(st.text(min_size=1, max_size=60))
@settings(max_examples=100)
def test_whatever_a_file_says_is_text_on_github(text):
    harmless = re.findall(r"<[^>]*>", rendered(markdown([a_hostile_result("word")])))
    # Two words are the name of no precision, which would be no stranger's.
    hostile = a_hostile_result(f"{text} word")

    assert re.findall(r"<[^>]*>", rendered(markdown([hostile]))) == harmless


# --- strangers' text


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_changes_nothing_in_the_structure_of_the_page(name):
    harmless = skeleton(markdown([a_hostile_result("word")]))

    assert skeleton(markdown([a_hostile_result(HOSTILE[name])])) == harmless


def test_very_long_text_is_cut():
    page = markdown([a_hostile_result("x" * 100_000)])

    assert len(page) < 20_000


# --- blocks in another file

BEGIN, END = "<!-- lstmbench:begin result.json -->\n", "<!-- lstmbench:end -->"


@pytest.fixture
def readme(tmp_path):
    """A README with a stale block, beside the golden result."""
    (tmp_path / "result.json").write_bytes((GOLDEN / "result.json").read_bytes())
    path = tmp_path / "README.md"
    path.write_text(f"# Title\n\n{BEGIN}old\n{END}\n\nAfter.\n", encoding="utf-8")
    return path


def test_update_writes_the_block_anew_and_nothing_else(readme, golden_result):
    assert blocks.update(readme, check=False) is False

    block = blocks.block(golden_result, "result.json", Shelf("result"))
    assert readme.read_text() == f"# Title\n\n{BEGIN}{block}{END}\n\nAfter.\n"


def test_update_draws_the_picture_of_the_block_beside_the_result_file(readme):
    blocks.update(readme, check=True)
    assert not (readme.parent / "result").exists()

    blocks.update(readme, check=False)

    shown = re.findall(r'(?:src|srcset)="([^"]*)"', readme.read_text())
    assert len(shown) == 2
    for name in shown:
        assert (readme.parent / name).read_text().startswith("<svg")


def test_update_of_a_current_file_leaves_it_alone(readme):
    blocks.update(readme, check=False)
    before = readme.stat().st_mtime_ns, readme.stat().st_ino

    assert blocks.update(readme, check=False) is True
    assert blocks.update(readme, check=True) is True
    assert (readme.stat().st_mtime_ns, readme.stat().st_ino) == before


def test_check_tells_a_stale_file_and_writes_nothing(readme):
    before = readme.read_text()

    assert blocks.update(readme, check=True) is False
    assert readme.read_text() == before


def test_two_blocks_are_both_written(readme):
    readme.write_text(f"{BEGIN}a\n{END}\nbetween\n{BEGIN}b\n{END}\n")

    blocks.update(readme, check=False)

    text = readme.read_text()
    assert text.count("Training speedup: use") == 2
    assert text.count("between") == 1


@pytest.mark.parametrize("text", ["no block\n", BEGIN, END, f"{END}\n{BEGIN}"])
def test_a_file_without_a_whole_block_is_an_error_of_use(readme, text):
    readme.write_text(text)

    with pytest.raises(UsageError, match="expected a line <!-- lstmbench:begin FILE -->"):
        blocks.update(readme, check=False)
    assert readme.read_text() == text


def test_a_block_of_a_missing_result_is_an_error_and_changes_nothing(readme):
    before = readme.read_text()
    (readme.parent / "result.json").unlink()

    with pytest.raises(ResultFormatError, match=r"result\.json: cannot be read"):
        blocks.update(readme, check=False)
    assert readme.read_text() == before


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_an_error_of_use(readme, content):
    if content is None:
        readme.unlink()
    else:
        readme.write_bytes(content)

    with pytest.raises(UsageError, match=r"README\.md: "):
        blocks.update(readme, check=False)
