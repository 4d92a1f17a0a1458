"""Standard output in an encoding that lacks our signs: other signs, never a traceback."""

import io
import json
import re
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
import typer
from conftest import GOLDEN, TINY, a_header, a_row, run_tool
from rich.console import Console

from lstmbench import cli, terminal
from lstmbench.gate.reading import read as read_verdict
from lstmbench.gate.view import show
from lstmbench.result import write

RESULT = str(GOLDEN / "result.json")
VERDICT = str(next((Path(__file__).parent.parent / "results" / "gate").glob("*-load.json")))
# Every verb, and everything that it prints in another way.
PRINTING = [
    ("--help",),
    *((verb, "--help") for verb in typer.main.get_command(cli.app).commands),
    ("run", *TINY, "-o", "x.json"),
    ("run", *TINY, "--json", "-o", "x.json"),
    ("show", RESULT),
    ("list", "suites"),
    ("list", "suites", "--json"),
    ("list", "backends"),
    ("list", "rows"),
    ("verify", "-b", "fake", "--cell", "gru"),
    ("report", RESULT),
    ("report", "--schema"),
    ("compare", RESULT, RESULT),
    ("compare", RESULT, RESULT, "--json"),
    ("history", "nightly", "--all"),
    ("history", "nightly", "--json"),
    ("export", RESULT, "--to", "csv"),
    ("export", RESULT, "--to", "pyperf"),
    ("gate", "--read", VERDICT),
    ("guess", "--lag", "10", "--max-guesses", "10", "--seeds", "1"),
    ("gradients", "--hidden-size", "4", "--lags", "1,2", "--seeds", "1"),
    ("doctor",),
    ("compare", RESULT, "m\N{LATIN SMALL LETTER U WITH DIAERESIS}ll.json"),
]


@pytest.fixture
def tool_in(monkeypatch, tmp_path, script):
    """Run the tool in this process, its standard streams in an encoding."""
    script()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("lstmbench.running.verification.SHAPES", ((1, 1, 1, 1),))
    # A name and a series with a step, so that there is a chart.
    for night in range(24):
        day = date(2026, 1, 1) + timedelta(days=night)
        row = a_row(seconds=0.001 if night < 12 else 0.002, backend="f\N{GREEK SMALL LETTER MU}")
        write_to = tmp_path / "nightly" / f"{day}.json"
        write_to.parent.mkdir(exist_ok=True)
        write(write_to, a_header(created=f"{day}T03:04:05+00:00"), [row])

    def tool(encoding, *arguments):
        streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2)]
        monkeypatch.setattr(sys, "stdout", streams[0])
        monkeypatch.setattr(sys, "stderr", streams[1])
        with pytest.raises(SystemExit) as end:
            cli.main(arguments)
        for stream in streams:
            stream.flush()
        return end.value.code, *(stream.buffer.getvalue().decode(encoding) for stream in streams)

    return tool


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_what_utf_8_says_any_encoding_says_in_other_signs(tool_in, encoding, arguments):
    full, plain = (tool_in(each, *arguments) for each in ("utf-8", encoding))

    assert plain[0] == full[0]
    assert plain[1] or plain[2]
    # What these two say of the machine changes from one moment to the next.
    if arguments[0] not in ("run", "doctor"):
        assert [len(text.splitlines()) for text in plain[1:]] == [
            len(text.splitlines()) for text in full[1:]
        ]
    # All of our signs have a plain form; the name of a backend and of a file have none.
    if "--json" not in arguments:
        unknown = full[1].count("\N{GREEK SMALL LETTER MU}")
        assert plain[1].count("?") == full[1].count("?") + unknown


def test_json_in_ascii_loses_no_sign(tool_in):
    full, plain = (tool_in(each, "history", "nightly", "--json")[1] for each in ("utf-8", "ascii"))

    assert "f\N{GREEK SMALL LETTER MU}" in full
    assert "f\\u03bc" in plain
    assert json.loads(plain) == json.loads(full)


def test_signs_of_ours_have_a_plain_form_and_others_are_question_marks(tool_in):
    chart = tool_in("ascii", "history", "nightly")[1]

    assert "1.00 ms -> 2.00 ms" in chart
    assert "2.00x" in chart
    assert re.search(r"[01]{12}\|[67]{12}", chart)
    assert "f?x1" in chart


def test_the_table_of_a_gate_is_ascii_where_there_is_no_more(monkeypatch):
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stdout)
    terminal.speak_plainly()

    show(read_verdict(Path(VERDICT)), as_json=False, quiet=False)
    stdout.flush()

    assert b"head/base" in stdout.buffer.getvalue()


def test_the_environment_decides_about_the_encoding(tmp_path):
    done = run_tool("compare", RESULT, RESULT, cwd=tmp_path, PYTHONIOENCODING="ascii")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    assert "1.00x" in done.stdout


def test_what_is_no_terminal_is_80_columns_wide_or_as_wide_as_columns_says(monkeypatch):
    monkeypatch.setattr("os.get_terminal_size", lambda _: (33, 20))
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    monkeypatch.delenv("COLUMNS", raising=False)
    assert terminal.console().width == 80
    assert Console().width == 33

    monkeypatch.setenv("COLUMNS", "120")
    assert terminal.console().width == 120
