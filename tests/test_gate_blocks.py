"""Blocks of a gate: which processes run, in which order, and when they end."""

import random

from gate_machine import SECOND, WORKLOADS, Machine, decisions, judged

from lstmbench.gate.policy import Policy


def test_every_block_begins_fresh_processes_of_each_side():
    machine = Machine()
    judged(machine)
    fakes = [side for side, backend in machine.started if backend == "fake"]

    assert fakes[:3] == ["base", "head", "control"]
    assert fakes[3:9] == fakes[9:15] == ["base", "base", "head", "head", "control", "control"]


def test_turns_read_the_same_from_both_ends_and_each_side_is_first_as_often():
    machine = Machine()
    judged(machine)
    watched = [side for side, row in machine.turns if row == WORKLOADS[0].id][:18]
    rounds = [watched[:6], watched[6:12], watched[12:]]

    assert rounds[0] == ["base", "head", "control", "control", "head", "base"]
    assert all(each == each[::-1] for each in rounds)
    assert [each[0] for each in rounds] == ["base", "head", "control"]


def test_a_process_tells_its_fastest_turn():
    class Interrupted(Machine):
        def seconds(self, side, workload, luck):
            turn = sum(1 for each in self.turns if each == (side, workload.id))
            slow = 1.5 if side == "head" and turn % 3 else 1.0
            return super().seconds(side, workload, luck) * slow

    assert judged(Interrupted()).verdict == "passed"


def test_a_process_that_fails_in_its_turn_is_not_asked_again():
    machine = Machine(faults={("head", SECOND, "again"): "timeout"})
    result = judged(machine)

    assert decisions(result)[SECOND] == "missing"
    assert result.rows[1].reason == "head: timeout: told to"
    assert ("head", SECOND) not in machine.turns


def test_rows_come_in_random_order_which_a_seed_decides(monkeypatch):
    seen = []
    monkeypatch.setattr(
        random.Random, "shuffle", lambda _self, rows: seen.append(len(rows)) or rows.reverse()
    )
    judged(Machine())
    assert max(seen) >= len(WORKLOADS)


def test_the_budget_ends_the_blocks_and_what_was_not_confirmed_is_inconclusive():
    machine = Machine(slower={("head", SECOND): 1.10}, each=10.0)
    result = judged(machine, policy=Policy(budget=700.0))

    assert result.rule.confirmation < 16
    assert result.seconds <= 800
    assert decisions(result)[SECOND] in ("inconclusive", "regressed")
    nothing = judged(
        Machine(slower={("head", SECOND): 1.10}, each=10.0), policy=Policy(budget=630.0)
    )
    assert nothing.rule.confirmation <= 1
    assert decisions(nothing)[SECOND] == "inconclusive"
