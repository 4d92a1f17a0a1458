"""A break-even run measures where the search wants to, keeps every row, and can go on."""

import pytest
from conftest import a_plan, a_workload, ok_outcome
from inline import InlineWorker, Recorder

from lstmbench.analysis.crossing import answer, series
from lstmbench.breakeven import BreakEven
from lstmbench.records import Outcome, Settings
from lstmbench.result import read
from lstmbench.running import journal
from lstmbench.running.bisection import bisect

NAMES = ("fake@cpu", "fake@gpu")


class Player:
    """A worker of one backend whose times are a function of the workload."""

    def __init__(self, backend, seconds):
        self._backend, self._seconds = backend, seconds

    def start(self):
        """Nothing has to be loaded."""

    def version(self):
        return "1"

    def perform(self, workload, _target, _limit, _tell):
        seconds = self._seconds(self._backend, workload)
        if seconds is None:
            return Outcome(status="failed", reason="told to fail")
        return ok_outcome(seconds, workload)

    def close(self):
        """Nothing was opened."""


def crossing_at(batch_size):
    """One is slower up to a batch size, and faster from it on."""

    def seconds(backend, workload):
        if backend == "fake@cpu":
            return 0.002
        return 0.003 if workload.batch_size < batch_size else 0.001

    return seconds


def a_search(*workloads, **given):
    fields = {"backend": "fake@gpu", "against": "fake@cpu", "along": "batch_size", "low": 1}
    return a_plan(
        *(workloads or [a_workload(batch_size=1)]),
        backends=NAMES,
        baseline="fake@cpu",
        question=BreakEven(**{**fields, "high": 64, **given}),
    )


def searched(plan, seconds, *, rounds=1, done=()):
    kept = []
    rows = bisect(
        plan,
        Settings(rounds=rounds),
        kept.append,
        Recorder(),
        done=done,
        make_worker=lambda backend, _threads: Player(backend, seconds),
    )
    return rows, kept


def answers(plan, rows):
    return [answer(lines, plan.question) for lines in series(rows, plan.question)]


@pytest.mark.parametrize("crossing", [2, 3, 17, 40, 64])
def test_the_crossing_is_found_and_both_backends_are_measured_at_every_size(crossing):
    plan = a_search()
    rows, kept = searched(plan, crossing_at(crossing))
    (found,) = answers(plan, rows)

    assert found.until < crossing <= found.since
    assert found.since <= max(found.until + 1, 1.1 * found.until)
    assert kept == rows
    assert sorted((row.batch_size, row.backend) for row in rows) == [
        (size, name) for size in found.sizes for name in NAMES
    ]


def test_workloads_and_numbers_of_threads_are_searched_side_by_side():
    plan = a_search(a_workload(batch_size=1), a_workload(batch_size=1, mode="train"))
    rows, _ = searched(plan.model_copy(update={"threads": (1, 2)}), crossing_at(3))

    assert [(each.id.split("/")[1], each.threads) for each in answers(plan, rows)] == [
        ("infer", 1),
        ("train", 1),
        ("infer", 2),
        ("train", 2),
    ]
    assert {(each.until, each.since) for each in answers(plan, rows)} == {(2, 3)}


def test_along_sequence_lengths_batches_stay_as_they_are():
    plan = a_search(a_workload(seq_len=1, batch_size=2), along="seq_len", high=8)
    rows, _ = searched(plan, crossing_at(99))

    assert {row.batch_size for row in rows} == {2}
    assert [each.outcome for each in answers(plan, rows)] == ["slower"]
    assert [each.sizes for each in answers(plan, rows)] == [(1, 2, 8)]


def test_rows_that_are_done_are_not_measured_again_and_lead_to_the_same_answer():
    plan = a_search()
    whole, kept = searched(plan, crossing_at(17), rounds=2)

    assert len(kept) == 2 * len(whole)
    for already in (1, 5, len(kept)):
        rows, more = searched(plan, crossing_at(17), rounds=2, done=kept[:already])
        assert rows == whole
        assert len(more) == len(kept) - already


def test_a_size_at_which_a_backend_fails_is_one_at_which_it_cannot_be_told():
    def fails_at_the_top(backend, workload):
        return None if workload.batch_size == 64 else crossing_at(8)(backend, workload)

    plan = a_search()
    rows, _ = searched(plan, fails_at_the_top)
    (found,) = answers(plan, rows)

    assert (found.outcome, found.at_high) == ("crosses", "unsure")
    assert (found.until, found.since) == (7, 8)


def test_a_row_that_no_search_of_the_plan_makes_is_told_from_the_others():
    plan = a_search()
    rows, _ = searched(plan, crossing_at(3))
    stranger = searched(a_search(a_workload(batch_size=1, mode="train")), crossing_at(3))[0][0]

    assert list(plan.strangers([*rows, stranger])) == [stranger]


# --- from the command line


ASKED = (
    "--break-even", "fake@gpu:fake@cpu", "--cell", "lstm", "--mode", "infer", "--seq-len", "2",
    "--batch-size", "1:4", "--hidden-size", "2", "--budget", "0.01", "--threads", "1",
)  # fmt: skip
RULES = (
    {"backend": "fake@cpu", "seconds": [0.002]},
    {"backend": "fake@gpu", "seconds": [0.001]},
    {"backend": "fake@gpu", "id": "*-B[12]-*", "seconds": [0.003]},
)


def test_the_answer_is_on_the_terminal_in_the_page_and_in_the_file(tool, script, tmp_path):
    script(*RULES)
    known = (
        "fake@cpu is surely faster up to batch size 2, "
        "fake@gpu is surely faster from batch size 3 on"
    )

    code, out, err = tool("run", *ASKED, "-o", "x.json")

    assert code == 0
    out = " ".join(out.split())
    assert "Question From which batch size on fake@gpu beats fake@cpu. lstm" in out
    assert f"lstm · inference · I 2 · H 2 · float32 · 1 thread · T 2: {known}" in out
    assert "[1] fake@cpu" in err
    page = (tmp_path / "x.md").read_text(encoding="utf-8").replace("&#8203;", "")
    assert known in page
    asked = read(tmp_path / "x.json").break_even
    assert (asked.backend, asked.against) == ("fake@gpu", "fake@cpu")
    assert [(each.until, each.since) for each in asked.answers] == [(2, 3)]


def test_an_interrupted_search_goes_on_where_it_stopped(tool, script, monkeypatch, tmp_path):
    asked = script(*RULES).asked
    perform = InlineWorker.perform

    def interrupted(self, *given):
        if len(asked) == 5:
            raise KeyboardInterrupt
        return perform(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(InlineWorker, "perform", interrupted)
        assert tool("run", *ASKED, "-q", "-o", "x.json")[0] == 130
    assert len(journal.load(tmp_path / "x.json.journal")[1]) == 5

    assert tool("run", "--resume", "-q", "-o", "x.json")[0] == 0
    assert sorted(each.batch_size for each in asked) == [1, 1, 2, 2, 3, 3, 4, 4]
    assert [each.since for each in read(tmp_path / "x.json").break_even.answers] == [3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--break-even", "fake:numpy"), "expected --batch-size LOW:HIGH"),
        (("--along", "seq_len"), "--along: expected --break-even A:B with it"),
        ((*ASKED, "-b", "numpy"), "--break-even: expected no --backend and no --baseline"),
        ((*ASKED, "--break-even", "fkae:fake"), "backend: unknown 'fkae'; did you mean 'fake'?"),
        (
            ("--break-even", "fake:numpy", "--along", "seq_len", "--seq-len", "1:400",
             "--data", "sunspots"),
            "data: sunspots are of 309 years, got seq_len 400",
        ),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_asked_is_refused_before_anything_is_measured(
    tool, tmp_path, arguments, message
):
    code, _, err = tool("run", *arguments, "-o", "x.json")

    assert code == 2
    assert message in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
