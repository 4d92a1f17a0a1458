"""A comment says the worst first, fits where it goes, and lets nobody else speak."""

import pytest
from gate_machine import SECOND, Machine, judged
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmbench.gate.comment import LARGEST, MARKER, SHOWN, comment
from lstmbench.gate.records import Change, GateFile
from lstmbench.markdown import escape

SLOW = judged(Machine(slower={("head", SECOND): 1.10})).model_copy(
    update={"command": "lstmbench gate --base main"}
)
PIECES = [*"|`<>&@#*_~[]()!\\\n\r\t\x00\u202e-.:/$ a", "@everyone", "http://x.y", "</details>"]
HOSTILE = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


def changed(result: GateFile, **fields: object) -> GateFile:
    """The same with the second row changed."""
    rows = list(result.rows)
    rows[1] = rows[1].model_copy(update=fields)
    return result.model_copy(update={"rows": tuple(rows)})


def test_the_first_lines_say_what_how_much_how_sure_and_how_to_see_it_again():
    marker, _, first, second = comment(SLOW).splitlines()[:4]
    assert marker == MARKER
    assert first.startswith(
        "❌ **lstmbench gate: regressed** — 1 of 4 rows slower by more than the 2 % allowed: "
    )
    assert " as long, at least 1.0" in first
    assert second == (
        "To measure it again: <code>lstmbench gate --base main</code> (base the base; "
        f"head the head; {escape(SLOW.environment.machine.cpu_model)}; 4 min)."
    )


def test_the_changed_row_stands_before_the_folded_others():
    page = comment(SLOW)
    assert page.index(SECOND.split("/")[2]) < page.index("<summary>Unchanged rows (3)</summary>")
    assert "16 new ones of the rows" in page
    assert page == comment(SLOW)


def test_a_pass_has_no_table_of_changes():
    page = comment(judged(Machine()))
    assert page.splitlines()[2].startswith("✅ **lstmbench gate: passed** — no row is slower")
    assert page.index("| row |") > page.index("<summary>Unchanged rows (4)</summary>")


def test_only_so_many_changed_rows_stand_outside_of_the_fold():
    row = SLOW.rows[1]
    rows = tuple(row.model_copy(update={"id": f"row-{n}"}) for n in range(SHOWN + 7))
    page = comment(SLOW.model_copy(update={"rows": rows}))
    assert "7 more are below." in page
    assert f"row-{SHOWN - 1} " in page.split("<details>")[0]
    assert f"row-{SHOWN} " not in page.split("<details>")[0]


@pytest.mark.parametrize("rows", [100, 1000, 100_000])
def test_a_page_is_never_too_large_and_says_what_it_left_out(rows: int):
    many = SLOW.model_copy(update={"rows": SLOW.rows[:1] * rows + SLOW.rows[1:2]})
    page = comment(many)
    assert len(page.encode()) <= LARGEST
    assert "regressed" in page.splitlines()[2]
    if rows >= 1000:
        assert "Left out, for length: the other rows" in page


def test_even_the_changed_rows_are_left_out_before_the_verdict_is():
    page = comment(SLOW, largest=500)
    assert "**lstmbench gate: regressed**" in page
    assert "Left out, for length: the other rows, the controls, the method, the changed" in page


@settings(deadline=None, max_examples=150)
@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_what_a_stranger_wrote_stays_text(name: str, reason: str, revision: str, command: str):
    result = changed(SLOW, id=name, backend=reason, data=revision, reason=reason)
    result = result.model_copy(
        update={"base": revision, "command": command, "reason": reason, "suite": name}
    )
    page = comment(result)
    assert len(page.encode()) <= LARGEST
    tags = {"details", "/details", "summary", "/summary", "code", "/code", "!--"}
    for piece in page.split("<")[1:]:
        assert piece.partition(">")[0].split(" ")[0] in tags
    tables = [line for line in page.splitlines() if line.startswith("|")]
    assert len(tables) == sum(line.startswith("|") for line in comment(SLOW).splitlines())
    assert {line.count("|") for line in tables} == {9, 12}
    assert "@e" not in page


def test_enormous_text_is_cut():
    page = comment(changed(SLOW, id="x" * 10**6, reason="y" * 10**6))
    assert len(page) < 20_000


def test_a_ratio_beyond_everything_is_told():
    change = Change(ratio=1e12, low=None, high=None, alpha=0.01, blocks=(27.6,))
    page = comment(changed(SLOW, change=change))
    assert "| 1000000000000 |" in page
