"""A machine for gates to judge: scripted processes, each side as fast as it is told."""

import numpy as np
from conftest import a_workload, ok_outcome

from lstmbench.gate.policy import Policy
from lstmbench.gate.session import gate
from lstmbench.gate.sides import Side
from lstmbench.gate.view import Quiet
from lstmbench.planning.plan import Plan
from lstmbench.records import Outcome
from lstmbench.timing.clock import FakeClock

WORKLOADS = tuple(a_workload(seq_len=n) for n in (3, 4, 5, 6))
SECOND = WORKLOADS[1].id
SIDES = {name: Side(name, f"the {name}", None, ()) for name in ("base", "head", "control")}


def a_plan(workloads=WORKLOADS, backends=("fake", "numpy")):
    return Plan(
        suite="mine",
        baseline=backends[0],
        backends=backends,
        required=True,
        threads=(1,),
        workloads=workloads,
    )


class Machine:
    """Makes workers of imaginary processes, each slower or faster by chance.

    ``slower`` says, by side and row id, by which factor; ``faults`` which rows fail, and how.
    """

    def __init__(
        self,
        noise=0.01,
        slower=None,
        faults=None,
        seed=0,
        each=1.0,
        drift=0.0,
        compiles=False,
    ):
        self.clock, self.compiles = FakeClock(), compiles
        self.started, self.turns = [], []
        self._rng = np.random.default_rng(seed)
        self._noise, self._drift, self._each = noise, drift, each
        self._slower, self.faults = slower or {}, faults or {}

    def make_worker(self, side, backend, _threads, number):
        assert number in (0, 1)
        self.started.append((side.name, backend))
        self.clock.advance(self._each)
        return Process(self, side.name.removesuffix("-again"), backend)

    def luck(self):
        return np.exp(self._rng.normal(0.0, self._noise))

    def seconds(self, side, workload, luck):
        self.turns.append((side, workload.id))
        now = np.exp(self._drift * len(self.turns))
        return 0.01 * luck * now * self._slower.get((side, workload.id), 1.0)

    def compile_seconds(self, side, workload):
        return 0.5 * self.luck() * self._slower.get((side, "compile", workload.id), 1.0)


class Process:
    """One of them, in this very process."""

    def __init__(self, machine, side, backend):
        self._machine, self._side, self._backend = machine, side, backend
        # Those that prove come first, and find their caches empty.
        self._compiles = machine.compiles and len(machine.started) <= 6

    def start(self):
        """It is there already."""

    def version(self):
        fault = self._machine.faults.get((self._side, "*"))
        if fault:
            raise fault
        return "1"

    def perform(self, workload, target, _limit, _tell):
        fault = self._machine.faults.get((self._side, workload.id))
        if fault:
            return Outcome(status=fault, reason="told to")
        assert target is None
        self._row = workload, self._machine.luck()
        seconds = self._machine.compile_seconds(self._side, workload) if self._compiles else 0.0
        return Outcome(status="skipped", reason="verified only", compile_s=seconds)

    def again(self, _target, _limit):
        workload, luck = self._row
        fault = self._machine.faults.get((self._side, workload.id, "again"))
        if fault:
            return Outcome(status=fault, reason="told to")
        return ok_outcome(self._machine.seconds(self._side, workload, luck), workload)

    def close(self):
        """Nothing is left of it."""


def judged(machine, plan=None, policy=None):
    return gate(
        plan or a_plan(),
        policy or Policy(),
        SIDES,
        machine.make_worker,
        Quiet(),
        machine.clock,
    )


def decisions(result):
    return {row.id: row.decision for row in result.rows}
