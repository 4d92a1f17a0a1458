"""Two result files side by side: ratios where they can be drawn, words where they may be used."""

import json

import pytest
from conftest import (
    GOLDEN,
    HOSTILE,
    a_header,
    a_machine,
    a_row,
    a_workload,
    as_result,
    bad_row,
)
from rich.console import Console
from test_report import a_hostile_result, skeleton

from lstmbench.comparison import page as compare_page
from lstmbench.comparison import table as compare_table
from lstmbench.comparison.compare import as_json, compare
from lstmbench.machine.environment import fingerprint
from lstmbench.machine.gpu import Gpu
from lstmbench.records import Settings

WORDS = ("faster", "slower", "regress", "improve", "better", "worse")


def rows(*seconds, **given):
    """Rows of growing length, with these medians."""
    return [
        a_row(a_workload(seq_len=n), seconds=time, **given)
        for n, time in enumerate(seconds, start=1)
    ]


def on(machine, of):
    """The content of a file that another machine made."""
    environment = a_header().environment.model_copy(update={"machine": machine})
    return as_result(of, environment=environment, fingerprint=fingerprint(machine))


def all_texts(comparison):
    """The page, the terminal's text and the JSON."""
    return compare_page.page(comparison), shown(comparison), json.dumps(as_json(comparison))


def shown(comparison):
    """What a wide terminal shows."""
    console = Console(width=200)
    with console.capture() as seen:
        console.print(compare_table.renderable(comparison))
    return seen.get()


# --- ratios


def test_a_ratio_is_the_time_of_the_head_over_that_of_the_base():
    (each,) = compare(as_result(rows(0.001)), as_result(rows(0.002))).timed

    low, high = each.base.time_s.ci95
    assert each.ratio.value == pytest.approx(2)
    assert each.ratio.low == pytest.approx(2 * low / high)
    assert each.ratio.high == pytest.approx(2 * high / low)


def test_the_rows_that_are_furthest_apart_come_first_whichever_way():
    comparison = compare(
        as_result(rows(0.001, 0.001, 0.001, 0.001)), as_result(rows(0.0011, 0.0004, 0.002, 0.001))
    )

    ratios = [each.ratio.value for each in comparison.timed]
    assert ratios == pytest.approx([0.4, 2.0, 1.1, 1.0])


def test_a_row_is_faster_or_slower_only_where_the_interval_leaves_out_one():
    comparison = compare(as_result(rows(0.001, 0.001, 0.001)), as_result(rows(0.002, 5e-4, 0.001)))

    words = {each.base.seq_len: comparison.word(each) for each in comparison.timed}
    assert words == {1: "slower", 2: "faster", 3: None}


def test_a_mean_is_geometric_and_of_one_backend_in_one_mode():
    base = [*rows(0.001, 0.001), *rows(0.001, backend="numpy")]
    head = [*rows(0.002, 0.0005), *rows(0.003, backend="numpy")]

    means = compare(as_result(base), as_result(head)).means()

    assert [(m.backend, m.mode, m.rows) for m in means] == [
        ("fake", "infer", 2),
        ("numpy", "infer", 1),
    ]
    assert [m.ratio for m in means] == pytest.approx([1.0, 3.0])
    assert (means[0].least, means[0].most) == pytest.approx((0.5, 2.0))


def test_a_file_beside_itself_has_no_difference(golden_result):
    comparison = compare(golden_result, golden_result)

    assert {each.ratio.value for each in comparison.timed} == {1.0}
    assert comparison.is_one_machine
    assert not comparison.others
    assert not comparison.missing
    assert not comparison.new
    assert "Nothing that is known." in compare_page.page(comparison)


# --- rows that have no other


def test_rows_of_one_file_alone_are_new_or_missing():
    base = as_result([*rows(0.001), a_row(threads=2)])
    head = as_result([*rows(0.001), a_row(backend="numpy")])

    comparison = compare(base, head)

    assert [row.threads for row in comparison.missing] == [2]
    assert [row.backend for row in comparison.new] == ["numpy"]
    assert len(comparison.timed) == 1


def test_files_without_a_common_row_are_compared_all_the_same():
    comparison = compare(as_result(rows(0.001)), as_result([a_row(threads=2)]))

    page, text, _ = all_texts(comparison)
    assert comparison.means() == []
    assert "No row has a time in both files." in page
    assert "only in base" in text
    assert "only in head" in text


def test_lengths_of_one_name_but_other_numbers_are_other_work():
    def of(steps):
        return as_result([a_row(a_workload(lengths="mine", steps=steps))])

    comparison = compare(of((3, 2)), of((3, 1)))

    assert (len(comparison.missing), len(comparison.new)) == (1, 1)


def test_a_row_that_lost_its_time_is_told():
    comparison = compare(as_result([a_row()]), as_result([bad_row("failed", "it fell")]))

    page, text, _ = all_texts(comparison)
    assert not comparison.timed
    assert "failed: it fell" in page
    assert "ok, then failed" in text
    assert as_json(comparison)["without_time"][0]["head"] == "failed"


def test_rows_that_never_had_a_time_are_counted_and_folded():
    def of(count):
        rows = [bad_row("unavailable", workload=a_workload(seq_len=n)) for n in range(1, count)]
        return as_result([*rows, bad_row("failed", workload=a_workload(seq_len=count))])

    comparison = compare(of(5), of(4))

    page, text, _ = all_texts(comparison)
    assert "rows without a time in either file: 3" in text
    assert "<summary>Rows without a time in either file (3)</summary>" in page
    assert text.count("unavailable") == 1
    assert "unavailable, then failed" in text
    assert "lost or found their time, or their reason (1)" in page


# --- machines


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"cpu_model": "Other"}, "cpu model: Imaginary 9000 @ 3.00GHz against Other"),
        ({"usable_cores": 2}, "usable cores: 4 against 2"),
        ({"memory_gib": 64}, "memory gib: 16 against 64"),
        ({"simd": ()}, "simd: avx2, fma against none"),
        ({"caches": {"L2": 1}}, "against L2 1"),
    ],
)
def test_between_two_machines_no_row_is_called_faster_or_slower(given, told):
    comparison = compare(as_result(rows(0.001, 0.001)), on(a_machine(**given), rows(0.009, 0.0001)))

    for text in all_texts(comparison):
        assert not any(word in text.lower() for word in WORDS)
    assert told in compare_page.machines(comparison)
    assert "Two machines" in shown(comparison)
    assert as_json(comparison)["same_machine"] is False
    assert {row["word"] for row in as_json(comparison)["rows"]} == {None}
    assert [row["ratio"] for row in as_json(comparison)["rows"]] == pytest.approx([0.1, 9])


def test_another_gpu_is_another_machine():
    def with_gpu(name):
        gpu = Gpu.model_construct(name=name, memory_bytes=1)
        return as_result([a_row().model_copy(update={"gpu": gpu})])

    assert compare(with_gpu("A"), with_gpu("A")).is_one_machine
    comparison = compare(with_gpu("A"), with_gpu("B"))
    assert not comparison.is_one_machine
    assert "GPU: A (1 bytes) against B (1 bytes)" in compare_page.machines(comparison)


def test_another_fingerprint_is_another_machine_even_where_its_facts_are_the_same():
    comparison = compare(as_result(rows(0.001)), as_result(rows(0.002), fingerprint="other"))

    assert not comparison.is_one_machine
    assert "fingerprint" in compare_page.machines(comparison)


def test_on_one_machine_the_words_are_used():
    page, text, _ = all_texts(compare(as_result(rows(0.001)), as_result(rows(0.002))))

    assert "| slower |" in page
    assert "slower" in text


# --- what else differs


def test_what_else_differs_is_named():
    environment = a_header().environment.model_copy(
        update={
            "software": {"lstmbench": "0.1.0", "python": "3.12.1", "numpy": "2.4.6"},
            "warnings": ("hot",),
            "governor": None,
        }
    )
    disturbed = a_row(threads=2).model_copy(update={"other_load": 0.5, "backend_version": "2"})
    head = as_result(
        [disturbed],
        environment=environment,
        settings=Settings(budget_s=2.0),
        command="lstmbench run",
        timed_calls={"fake": "something"},
    )

    comparison = compare(as_result([a_row()]), head)

    assert {each.what: (each.base, each.head) for each in comparison.others} == {
        "python": ("3.11.9", "3.12.1"),
        "numpy": ("none", "2.4.6"),
        "version of fake": ("1", "2"),
        "a timed call of fake": ("nothing", "something"),
        "setting budget s": ("0.4", "2.0"),
        "threads": ("1", "2"),
        "command": ("lstmbench run --suite tiny", "lstmbench run"),
        "CPU governor": ("performance", "none"),
        "warnings": ("none", "hot"),
        "disturbed rows": ("0", "1"),
    }
    page, text, _ = all_texts(comparison)
    assert "3.12.1" in page
    assert "python: 3.11.9 → 3.12.1" in text


# --- pages and terminals


def test_only_the_furthest_rows_are_open_in_the_page_and_none_is_lost():
    many = [0.001] * (compare_table.SHOWN + 5)
    comparison = compare(as_result(rows(*many)), as_result(rows(*many)))

    page, text, _ = all_texts(comparison)
    assert f"The other rows ({len(many) - compare_page.SHOWN})" in page
    assert page.count("not told apart") == len(many)
    assert "and 5 rows that are nearer" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_changes_nothing_in_the_structure_of_a_comparison(name):
    def page(text):
        return compare_page.page(compare(a_hostile_result(text), as_result([a_row()])))

    assert skeleton(page(HOSTILE[name])) == skeleton(page("word"))


def test_a_terminal_gets_nothing_that_it_would_obey():
    text = shown(compare(a_hostile_result("\x1b[31m[bold]\x07\u202e x"), as_result([a_row()])))

    assert all(c.isprintable() or c == "\n" for c in text)
    assert "[bold]" in text


# --- the command


def test_compare_ends_well_whatever_the_ratios_are(tool, tmp_path):
    (tmp_path / "a.json").write_text(as_result(rows(0.001)).model_dump_json(by_alias=True))
    (tmp_path / "b.json").write_text(as_result(rows(0.1)).model_dump_json(by_alias=True))

    code, out, err = tool("compare", "a.json", "b.json", "-o", "page.md")

    assert (code, err) == (0, "")
    assert "100×" in out
    assert "100×" in (tmp_path / "page.md").read_text(encoding="utf-8")


def test_a_comparison_as_json_is_on_stdout(tool):
    path = str(GOLDEN / "result.json")

    code, out, err = tool("compare", path, path, "--json")

    assert (code, err) == (0, "")
    assert json.loads(out)["same_machine"] is True
    assert {row["ratio"] for row in json.loads(out)["rows"]} == {1.0}
