"""The gate on scripted processes: what it decides, what it never decides, and what it tells."""

import json
from dataclasses import replace

import pytest
from conftest import a_workload
from gate_machine import SECOND, WORKLOADS, Machine, a_plan, decisions, judged

from lstmbench.commands.gate import softened
from lstmbench.errors import BackendUnavailable, Exit, UsageError, WorkerError
from lstmbench.gate import session, stages
from lstmbench.gate.policy import Policy
from lstmbench.gate.records import GateFile
from lstmbench.gate.session import publish
from lstmbench.gate.verdict import conclude

# --- what is decided


def test_the_same_code_passes_and_every_row_is_shown_to_be_unchanged():
    result = judged(Machine())

    assert (result.verdict, result.exit_code) == ("passed", 0)
    assert set(decisions(result).values()) == {"unchanged"}
    assert result.reason == (
        "no row is slower by more than the 2 % allowed: 4 unchanged; 95 % sure of each"
    )
    assert result.rule.confirmation == 0


def test_a_slower_row_is_found_and_told_with_its_bound():
    result = judged(Machine(slower={("head", SECOND): 1.10}))

    assert (result.verdict, result.exit_code) == ("regressed", 1)
    slow = result.rows[1]
    assert (slow.id, slow.decision, slow.stage) == (SECOND, "regressed", "confirmation")
    assert slow.change.low > 1.02
    assert slow.change.low < 1.10 < slow.change.high
    assert len(slow.change.blocks) == result.rule.confirmation == 16
    assert result.reason.startswith(
        f"1 of 4 rows slower by more than the 2 % allowed: {SECOND} takes 1.1"
    )
    assert result.reason.endswith("; of code that is no slower at most 1 % of runs end so")
    others = [word for row, word in decisions(result).items() if row != SECOND]
    assert others == ["unchanged"] * 3


def test_a_faster_row_is_an_improvement_and_passes():
    result = judged(Machine(slower={("head", SECOND): 0.9}))

    assert decisions(result)[SECOND] == "improved"
    assert result.verdict == "passed"
    assert "3 unchanged, 1 improved; " in result.reason


def test_a_change_within_the_margin_is_no_regression():
    result = judged(Machine(noise=0.002, slower={("head", SECOND): 1.015}))

    assert decisions(result)[SECOND] == "unchanged"


def test_a_row_may_be_allowed_more():
    machine = Machine(slower={("head", SECOND): 1.10})

    result = judged(machine, policy=Policy(margins={WORKLOADS[1].name: 0.2}))

    assert result.verdict == "passed"
    assert result.rows[1].allowed == pytest.approx(0.2)


def test_a_change_of_less_than_the_floor_is_allowed():
    result = judged(Machine(slower={("head", SECOND): 1.10}), policy=Policy(floor=0.002))

    assert decisions(result)[SECOND] == "unchanged"
    assert result.rows[1].allowed == pytest.approx(0.2, rel=0.05)


def test_noise_that_hides_a_change_is_inconclusive_and_says_how_much_it_hides():
    result = judged(Machine(noise=0.06))

    assert (result.verdict, result.exit_code) == ("inconclusive", 3)
    unsure = [row for row in result.rows if row.decision == "inconclusive"]
    assert unsure
    assert all(row.smallest_effect > 0.02 for row in unsure)
    assert "rows may hide it, the most " in result.reason


def test_rows_that_are_shown_to_be_unchanged_half_way_are_done_with():
    many = tuple(a_workload(seq_len=n) for n in range(3, 15))
    result = judged(Machine(noise=0.018, slower={("head", SECOND): 1.10}), a_plan(many))
    blocks = {len(row.change.blocks) for row in result.rows if row.decision == "unchanged"}

    assert blocks == {6, 8, 16}
    assert len(result.rows[1].change.blocks) == 16


def test_a_row_that_failed_in_one_block_has_no_time_whatever_the_others_say():
    class Failing(Machine):
        def seconds(self, side, workload, luck):
            asked = self.turns.count(("head", SECOND))
            self.faults = {("head", SECOND, "again"): "failed"} if asked == 33 else {}
            return super().seconds(side, workload, luck)

    assert decisions(judged(Failing()))[SECOND] == "missing"


def test_drift_of_the_machine_is_no_change():
    result = judged(Machine(noise=0.005, drift=0.0005))

    assert result.verdict == "passed"


# --- the controls


def test_a_machine_that_slows_down_the_same_code_is_not_believed():
    slower = {("head", SECOND): 1.5, ("control", WORKLOADS[0].id): 1.10}
    result = judged(Machine(slower=slower))

    assert (result.verdict, result.exit_code) == ("inconclusive", 3)
    assert result.reason.startswith("the machine is not fit to judge")
    assert decisions(result)[SECOND] == "regressed"


def test_a_change_of_foreign_code_is_a_contamination():
    (foreign,) = (c for c in judged(Machine()).controls if c.kind == "contamination")
    slower = {("head", foreign.id): 1.2}
    machine = Machine(slower=slower)
    result = judged(machine)

    assert foreign.backend == "numpy"
    assert result.verdict == "inconclusive"
    assert [c.trouble is None for c in result.controls if c.kind == "contamination"] == [False]


def test_blocks_that_scatter_wildly_are_told_from_blocks_that_do_not():
    result = judged(Machine(noise=0.4))

    assert result.verdict == "inconclusive"
    assert any(c.trouble and "scatter" in c.trouble for c in result.controls)


# --- compile time


def compiled(**slower):
    """The row of compile times, of many rows that each compile something."""
    many = tuple(a_workload(seq_len=n) for n in range(3, 8))
    slower = {
        (side, "compile", each.id): factor for side, factor in slower.items() for each in many
    }
    result = judged(Machine(compiles=True, slower=slower), a_plan(many))
    (row,) = (row for row in result.rows if row.id == "compilation")
    return result, row


def test_compile_time_is_a_row_of_its_own():
    result, row = compiled()

    assert (row.decision, row.stage) == ("unchanged", "proof")
    assert row.allowed == pytest.approx(0.10)
    assert row.base_s == pytest.approx(5 * 0.5, rel=0.02)
    assert len(row.change.blocks) == 2 * 5
    assert result.verdict == "passed"


def test_kernels_that_take_longer_to_compile_are_a_regression():
    result, row = compiled(head=1.3)

    assert (row.decision, result.verdict) == ("regressed", "regressed")
    assert row.change.low > 1.10
    assert result.reason.startswith(
        "1 of 6 rows slower by more than the 2 % allowed: compilation takes 1."
    )


def test_a_machine_on_which_the_same_code_compiles_slower_leaves_it_open():
    _, row = compiled(head=1.3, control=1.3)

    assert row.decision == "inconclusive"
    assert row.reason.startswith("the same code was 1.")


def test_too_few_compile_times_leave_it_open_and_stop_nothing():
    result = judged(Machine(compiles=True, slower={("head", "compile", SECOND): 1.3}))
    assert decisions(result)["compilation"] == "inconclusive"
    assert result.verdict == "passed"


def test_without_anything_to_compile_there_is_no_such_row():
    assert [row.id for row in judged(Machine()).rows] == [each.id for each in WORKLOADS]


# --- rows that cannot be judged


def test_a_wrong_result_comes_before_everything_else():
    faults = {("head", SECOND): "incorrect", ("head", WORKLOADS[2].id): "failed"}
    result = judged(Machine(faults=faults, slower={("head", WORKLOADS[0].id): 1.3}))

    assert (result.verdict, result.exit_code) == ("incorrect", 5)
    assert decisions(result)[SECOND] == "incorrect"
    assert result.reason == f"1 of 4 rows wrong: {SECOND}: told to"


def test_a_row_that_the_head_has_no_more_is_missing():
    result = judged(Machine(faults={("head", SECOND): "unavailable"}))

    assert (result.verdict, result.exit_code) == ("incomplete", 4)
    assert decisions(result)[SECOND] == "missing"


def test_a_row_that_the_base_does_not_have_is_new_and_stops_nothing():
    result = judged(Machine(faults={("base", SECOND): "failed"}))

    assert result.verdict == "passed"
    assert decisions(result)[SECOND] == "new"


def test_a_gate_that_compared_nothing_never_passes():
    fault = WorkerError("base: not loaded")
    result = judged(Machine(faults={("base", "*"): fault}))

    assert (result.verdict, result.exit_code) == ("incomplete", 4)
    assert "nothing was compared" in result.reason


def test_a_backend_that_cannot_be_loaded_is_told_for_each_of_its_rows():
    fault = BackendUnavailable("fake: gone")
    result = judged(Machine(faults={("head", "*"): fault}))

    assert set(decisions(result).values()) == {"missing"}
    assert result.rows[0].reason == "unavailable: fake: gone"


def test_a_suite_of_foreign_rows_alone_is_refused():
    with pytest.raises(UsageError, match="rows of a backend that can change"):
        judged(Machine(), a_plan(backends=("numpy",)))


def test_own_backends_are_judged_where_a_suite_has_any():
    rows = session.rows_of(a_plan(backends=("numpy", "torch-cpu", "numba-cpu")))

    assert {job.backend for job in rows.declared} == {"numba-cpu"}
    assert {job.backend for job in rows.foreign} == {"numpy"}
    assert len(rows.watched) == 3


# --- what is written


def test_a_verdict_file_comes_back_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    result = judged(Machine(slower={("head", SECOND): 1.10}))
    outputs = session.Outputs(tmp_path / "verdict.json", tmp_path / "comment.md")

    assert publish(result, outputs) == Exit.REGRESSION
    assert GateFile.model_validate_json((tmp_path / "verdict.json").read_text()) == result
    written = json.loads((tmp_path / "verdict.json").read_text())
    assert (written["schema"], written["version"]) == ("lstmbench/gate", 1)
    assert (tmp_path / "summary.md").read_text() == (tmp_path / "comment.md").read_text()


@pytest.mark.parametrize(
    ("fail_on", "forgiven"),
    [
        ("inconclusive", set()),
        ("regression", {Exit.INCONCLUSIVE}),
        ("never", {Exit.INCONCLUSIVE, Exit.REGRESSION}),
    ],
)
def test_a_wrong_or_missing_row_is_never_forgiven(fail_on, forgiven):
    for code in (Exit.REGRESSION, Exit.INCONCLUSIVE, Exit.INCOMPLETE, Exit.INCORRECT):
        assert softened(code, fail_on) == (Exit.OK if code in forgiven else code)


def test_a_verdict_needs_no_row_that_is_slower_than_itself():
    findings = stages.Findings((), (), 0)

    assert conclude(findings, Policy())[0] == "incomplete"
    assert conclude(replace(findings, rows=judged(Machine()).rows), Policy())[0] == "passed"
