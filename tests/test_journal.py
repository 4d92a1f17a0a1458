"""A row that was kept is kept: through a kill, a full disk, a second writer and a damaged file."""

import json
import os
import resource
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import a_header, a_plan, a_row, a_workload, bad_row

from lstmbench.errors import OutputError, ResultFormatError, UsageError
from lstmbench.running import journal as journals

WORKLOADS = [a_workload(seq_len=n) for n in (1, 2, 3)]
ROWS = [a_row(workload, seconds=0.1 / workload.seq_len) for workload in WORKLOADS]
FULL = Path("/dev/full")


@pytest.fixture
def output(tmp_path):
    return tmp_path / "deep" / "folder" / "result.json"


def an_opening():
    return journals.Opening(plan=a_plan(*WORKLOADS), header=a_header())


def written(output, rows=ROWS):
    """The journal of a run that was killed after its rows."""
    with journals.begin(output, an_opening()) as journal:
        for row in rows:
            journal.add(row)
    return journals.journal_path(output)


# --- what is kept


def test_what_was_added_is_read_back(output):
    path = written(output)

    opening, rows, whole = journals.load(path)

    assert (opening, rows) == (an_opening(), ROWS)
    assert whole == path.stat().st_size


def test_a_row_is_on_disk_when_it_is_added(output):
    with journals.begin(output, an_opening()) as journal:
        journal.add(ROWS[0])
        assert journals.load(journal.path)[1] == ROWS[:1]
        journal.add(ROWS[1])
        assert journals.load(journal.path)[1] == ROWS[:2]


def test_the_disk_is_waited_for(output, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle).st_size))

    path = written(output)

    assert len(synced) == 1 + len(ROWS)
    assert synced[-1] == path.stat().st_size


def test_the_journal_lies_beside_its_result(output):
    assert journals.journal_path(output).name == "result.json.journal"
    assert journals.journal_path(output).parent == output.parent


def test_a_run_that_ended_before_its_first_row_leaves_nothing(output):
    assert not written(output, rows=[]).exists()


def test_a_finished_journal_is_removed(output):
    with journals.begin(output, an_opening()) as journal:
        journal.add(ROWS[0])
        journal.remove()

    assert list(output.parent.iterdir()) == []


# --- going on


def test_a_resumed_journal_goes_on_where_it_ended(output):
    path = written(output, ROWS[:1])

    with journals.resume(output) as (journal, opening, rows):
        assert (opening, rows, journal.rows) == (an_opening(), ROWS[:1], 1)
        journal.add(ROWS[1])

    assert journals.load(path)[1] == ROWS[:2]


@pytest.mark.parametrize("left", [1, 30, -1])
def test_a_line_torn_by_a_kill_is_dropped_and_written_over(output, left):
    path = written(output)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]) + lines[-1][:left])

    with journals.resume(output) as (journal, _, rows):
        assert rows == ROWS[:2]
        journal.add(ROWS[2])

    assert journals.load(path)[1] == ROWS
    assert path.read_bytes() == b"".join(lines)


def test_nothing_of_a_torn_line_is_left_behind_a_shorter_one(output):
    path = written(output)
    path.write_bytes(path.read_bytes()[:-5])
    shorter = bad_row("failed", workload=WORKLOADS[2])

    with journals.resume(output) as (journal, _, _):
        journal.add(shorter)

    assert journals.load(path)[1] == [*ROWS[:2], shorter]
    assert path.read_bytes().endswith(b"}\n")


def test_resuming_what_was_never_begun_is_an_error_of_use(output):
    with (
        pytest.raises(UsageError, match=r"result\.json\.journal is not there"),
        journals.resume(output),
    ):
        pytest.fail("resumed")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a journal of lstmbench, or empty"),
        (b"\n", "damaged"),
        (b'{"rows": []}\n', "not a journal"),
        (b"[1, 2]\n", "not a journal"),
        (b"7\n", "not a journal"),
        (b"null\n", "not a journal"),
        (b"hello\nworld\n", "damaged"),
        (b"\xff\xfe\n", "damaged"),
        (b'{"journal": 1}\n', "damaged: plan: Field required"),
        (b"[" * 100_000 + b"\n", "damaged"),
    ],
)
def test_what_is_no_journal_is_refused_in_one_line_and_left_as_it_is(output, content, message):
    path = journals.journal_path(output)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)

    with pytest.raises(ResultFormatError, match=message) as error, journals.resume(output):
        pytest.fail("resumed")

    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)
    assert path.read_bytes() == content


def test_a_journal_of_a_later_version_is_refused(output):
    path = written(output)
    lines = path.read_text().splitlines(keepends=True)
    opening = json.loads(lines[0])
    path.write_text("".join([json.dumps({**opening, "journal": 2}) + "\n", *lines[1:]]))

    with (
        pytest.raises(ResultFormatError, match="journal 1, got 2"),
        journals.resume(output),
    ):
        pytest.fail("resumed")


def test_a_damaged_row_in_the_middle_is_refused_not_dropped(output):
    path = written(output)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b'"seq_len":2', b'"seq_len":9')
    path.write_bytes(b"".join(lines))

    with (
        pytest.raises(ResultFormatError, match=r"damaged: file: id: expected lstm/infer/T9-"),
        journals.resume(output),
    ):
        pytest.fail("resumed")


# --- two writers


def test_a_second_run_with_the_same_output_is_refused(output):
    with (
        journals.begin(output, an_opening()),
        pytest.raises(UsageError, match="another run is writing it; choose another -o"),
        journals.begin(output, an_opening()),
    ):
        pytest.fail("begun")


def test_a_second_run_does_not_hurt_the_first(output):
    with journals.begin(output, an_opening()) as journal:
        with pytest.raises(UsageError), journals.begin(output, an_opening()):
            pytest.fail("begun")
        journal.add(ROWS[0])
        with pytest.raises(UsageError), journals.resume(output):
            pytest.fail("resumed")
        journal.add(ROWS[1])

    assert journals.load(journals.journal_path(output))[1] == ROWS[:2]


def test_begin_refuses_to_lose_the_rows_of_an_unfinished_run(output):
    path = written(output)
    before = path.read_bytes()

    with (
        pytest.raises(UsageError, match=r"holds the rows of an unfinished run.*--resume -o"),
        journals.begin(output, an_opening()),
    ):
        pytest.fail("begun")

    assert path.read_bytes() == before


def test_begin_may_write_over_a_journal_without_rows(output):
    path = written(output)
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])

    written(output, ROWS[:1])

    assert journals.load(path)[1] == ROWS[:1]


# --- where it cannot be written


@contextmanager
def files_of_at_most(size):
    """No file of this process grows above a size: the kernel takes a part of a write, then none."""
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))


def test_an_output_folder_that_is_a_file_is_an_error_of_output(tmp_path):
    (tmp_path / "file").write_text("")

    with (
        pytest.raises(OutputError, match="file"),
        journals.begin(tmp_path / "file" / "result.json", an_opening()),
    ):
        pytest.fail("begun")


def test_an_output_folder_that_cannot_be_written_is_an_error_of_output():
    with (
        pytest.raises(OutputError, match=r"/proc/result\.json\.journal: cannot be written: "),
        journals.begin(Path("/proc/result.json"), an_opening()),
    ):
        pytest.fail("begun")


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_an_error_of_output_that_says_what_is_kept(tmp_path):
    path = tmp_path / "result.json.journal"
    path.symlink_to(FULL)

    with (
        pytest.raises(OutputError, match=r"No space left on device; the 2 rows before .* are kept"),
        journals._locked(path, "r+b") as file,
    ):
        journals.Journal(path, file, rows=2).add(ROWS[0])


def test_a_disk_that_fills_in_the_middle_of_a_row_keeps_the_rows_before(output):
    path = written(output, ROWS[:2])
    with (
        pytest.raises(OutputError, match="the 2 rows before this one are kept"),
        journals.resume(output) as (journal, _, _),
        files_of_at_most(path.stat().st_size + 100),
    ):
        journal.add(ROWS[2])

    with journals.resume(output) as (journal, _, rows):
        assert rows == ROWS[:2]
        journal.add(ROWS[2])
    assert journals.load(path)[1] == ROWS


def test_a_journal_is_free_again_when_its_run_is_over(output):
    written(output)
    done = threading.Event()

    with journals.resume(output):
        done.set()
    with journals.resume(output):
        assert done.is_set()
