"""A result file is read row by row, and says what it says to who reads all of it at once."""

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import a_header, a_row, a_workload, as_result, bad_row
from hypothesis import given
from hypothesis import strategies as st
from large import rows, write

from lstmbench import result
from lstmbench.errors import ResultFormatError
from lstmbench.records import Result
from lstmbench.timing.samples import Samples

ROWS = [
    a_row(a_workload(mode="train")),
    a_row(a_workload(lengths="uniform", steps=(3, 1))),
    a_row(backend="numpy", seconds=0.002),
    bad_row("unavailable", backend="torch-cpu"),
]
CONTENT = json.loads(as_result(ROWS).as_file())
TEXT = json.dumps(CONTENT)


def at_once(path: Path) -> Result:
    """What is read by parsing the whole file, and then validating the whole of it."""
    return result.validated(path, path.read_bytes(), Result, "an lstmbench result file")


def by_row(path: Path) -> Result | None:
    return result._row_by_row(path, path.read_bytes())


def outcome(read, path: Path):
    try:
        return read(path)
    except ResultFormatError as error:
        return str(error)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "result.json"


# --- what is read row by row


def test_a_file_as_it_is_written_is_read_row_by_row(file):
    result.write(file, a_header(), ROWS)

    assert by_row(file) == at_once(file) == as_result(ROWS)


WHITE = st.text(" \t\r\n", max_size=3)


@given(st.permutations(list(CONTENT)), WHITE, WHITE, WHITE)
def test_order_and_white_space_do_not_matter(tmp_path_factory, names, around, before, after):
    file = tmp_path_factory.getbasetemp() / "spaced.json"
    fields = {name: CONTENT[name] for name in names}
    text = json.dumps(fields, separators=(f"{before},{after}", f"{after}:{before}"))
    file.write_text(f"{around}{text}{around}", newline="")

    assert by_row(file) == at_once(file) == as_result(ROWS)


def test_of_a_field_that_is_there_twice_the_last_counts(file):
    first = json.dumps({"rows": [], "suite": "another", "version": 7})
    file.write_text(f"{first[:-1]}, {TEXT[1:]}")

    assert by_row(file) == at_once(file) == as_result(ROWS)


def test_text_of_any_language_is_read(file):
    header = {"suite": "größer \N{SNOWMAN} \N{OLD ITALIC LETTER A}", "command": 'a "b" \\ \n'}
    for ascii_alone in (True, False):
        content = {**CONTENT, **header, "näu": "☃"}
        file.write_text(json.dumps(content, ensure_ascii=ascii_alone), encoding="utf-8")
        assert by_row(file) == as_result(ROWS, **header)


# --- what is refused, or read at once

PIECES = [*'{}[]",:\\ \n0-1.e', "null", "NaN", "1e999", "\x00", "\ud800", "\\ud800", "é", '"rows"']


@given(
    st.integers(0, len(TEXT)),
    st.integers(0, 4),
    st.lists(st.sampled_from(PIECES), max_size=3).map("".join),
)
def test_a_damaged_text_is_told_alike(tmp_path_factory, place, length, piece):
    file = tmp_path_factory.getbasetemp() / "damaged.json"
    damaged = TEXT[:place] + piece + TEXT[place + length :]
    file.write_bytes(damaged.encode("utf-8", "surrogatepass"))

    assert outcome(result.read, file) == outcome(at_once, file)


VALUES = st.sampled_from(
    [None, True, False, 0, 1, -1, 1.0, 2.5, 1e300, "", "1", "lstm", [], [1.0], [{}], {}, {"a": 1}]
)


def places(value, way=()):
    """The way to everything in a piece of JSON."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for name, each in inner:
        yield (*way, name)
        if isinstance(each, dict | list):
            yield from places(each, (*way, name))


@given(st.lists(st.tuples(st.sampled_from(list(places(CONTENT))), VALUES), min_size=1, max_size=2))
def test_a_field_that_is_wrong_is_told_alike(tmp_path_factory, changes):
    file = tmp_path_factory.getbasetemp() / "wrong.json"
    content = json.loads(TEXT)
    for way, value in changes:
        place = content
        for name in way[:-1]:
            place = place[name] if isinstance(place, dict | list) and place else None
        if isinstance(place, dict) or (isinstance(place, list) and len(place) > way[-1]):
            place[way[-1]] = value
    file.write_text(json.dumps(content))

    assert outcome(result.read, file) == outcome(at_once, file)


def test_wrong_rows_are_told_without_a_look_at_the_whole(file):
    content = json.loads(TEXT)
    content["rows"][1]["seq_len"], content["rows"][1]["threads"] = -1, "two"
    content["rows"][3]["reason"] = None
    file.write_text(json.dumps(content))

    with pytest.raises(ResultFormatError, match=r"rows\[1\].threads: .* \(and 2 more\)") as error:
        by_row(file)
    assert str(error.value) == outcome(at_once, file)


@pytest.mark.parametrize("name", ["schema", "version", "rows", "suite", "environment"])
def test_a_field_that_is_missing_is_told_alike(file, name):
    file.write_text(json.dumps({key: value for key, value in CONTENT.items() if key != name}))

    assert isinstance(outcome(result.read, file), str)
    assert outcome(result.read, file) == outcome(at_once, file)


@pytest.mark.parametrize(
    "text", [b"\xef\xbb\xbf" + TEXT.encode(), TEXT.encode("utf-16"), TEXT.encode() + b"x", b""]
)
def test_another_encoding_and_more_than_one_value_are_told_alike(file, text):
    file.write_bytes(text)

    assert isinstance(outcome(result.read, file), str)
    assert outcome(result.read, file) == outcome(at_once, file)


# --- what rows share, and how little they take


def test_rows_of_the_same_work_share_it(file):
    same = [a_row(backend=name) for name in ("numpy", "fake", "torch-cpu")]
    result.write(file, a_header(), [*same, a_row(a_workload(seq_len=4))])

    *several, other = result.read(file).rows

    assert len({id(row.workload) for row in several}) == 1
    assert other.workload == a_workload(seq_len=4)


def test_a_copy_with_other_fields_has_other_work():
    row = a_row()
    assert row.workload == a_workload()

    assert row.model_copy(update={"seq_len": 9}).workload == a_workload(seq_len=9)


def test_samples_are_a_tuple_but_for_what_they_take():
    numbers = (0.25, 0.5, 1.0)
    samples = Samples(numbers)

    assert samples == numbers
    assert samples == Samples(numbers)
    assert samples != Samples(numbers[:2])
    assert samples != list(numbers)
    assert hash(samples) == hash(numbers)
    assert (list(samples), len(samples), repr(samples)) == ([*numbers], 3, repr(numbers))
    assert (samples[0], samples[-1], samples[1:]) == (0.25, 1.0, numbers[1:])
    assert samples + samples[:1] == (*numbers, 0.25)
    assert not Samples()


def test_samples_are_an_array_that_cannot_be_written_unless_it_is_a_copy():
    samples = Samples((0.5, 0.25))
    seen, own = np.asarray(samples), np.array(samples)
    own[0] = 9.0

    assert (seen.dtype, seen.tolist(), own.tolist()) == (np.float64, [0.5, 0.25], [9.0, 0.25])
    with pytest.raises(ValueError, match="read-only"):
        seen.sort()
    assert np.asarray(Samples()).size == 0


# --- large files


def test_a_large_file_is_written_row_by_row_as_any_other(tmp_path):
    path, again = tmp_path / "large.json", tmp_path / "again.json"
    write(path, 600)

    large = result.read(path)

    assert len(large.rows) == 600
    assert {row.status for row in large.rows} == {"ok", "unavailable", "timeout"}
    result.write(again, large, large.rows)
    assert again.read_bytes() == path.read_bytes()


def test_short_rows_have_the_fewest_samples():
    row = next(rows(short=True))

    assert len(row.samples_s) == row.time_s.samples == 6
