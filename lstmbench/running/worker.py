"""What a worker does with a row: verify it, measure it, say what came of it."""

import gc
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from lstmbench_kernels.problem import Problem, make_problem

from ..backends.base import Backend, Step
from ..backends.registry import entry, lacks, untimed
from ..correctness.oracles import OracleStore
from ..correctness.rounding import storage
from ..correctness.verify import Oracle, Verdict
from ..data import load_sunspots, windows
from ..errors import BackendUnavailable, EnergyUnknown
from ..machine import rapl
from ..machine.energy import Energy, EnergyLog, Meter, no_meter
from ..machine.environment import OtherLoad
from ..machine.processors import ThreadWatch
from ..records import Errors, Outcome, rates
from ..statistics import order
from ..timing.clock import Clock
from ..timing.latency import time_single_calls
from ..timing.measure import Target, measure
from ..timing.samples import Samples
from ..timing.times import Times
from ..units import Seconds
from ..workload import Workload
from .device_log import DeviceLog
from .fairness import Limits, broken

Found = TypeVar("Found")
SEED = 0
_OUT_OF_MEMORY = re.compile(r"out[ _]of[ _]memory", re.I)


def problem_of(workload: Workload) -> Problem:
    """The seeded problem of a row, on real data where the row says so."""
    x = None
    if workload.data == "sunspots":
        x = windows(load_sunspots(), workload.seq_len, workload.batch_size)
    dtype = storage(workload.dtype).name
    return make_problem(
        workload.spec, workload.shape, dtype=dtype, seed=SEED, x=x, lengths=workload.steps
    )


def _name_of(workload: Workload) -> str:
    """What tells a problem from every other of a run, as a name for a file."""
    steps = hashlib.sha256(repr(workload.steps).encode()).hexdigest()[:16]
    return f"{workload.id}/{workload.data}/{steps}"


@dataclass(frozen=True)
class Verified:
    """A row whose first results are right, ready to be measured as often as one likes."""

    backend: Backend
    workload: Workload
    step: Step
    oracle: Oracle
    error: Errors
    compile_s: Seconds | None
    first_call_s: Seconds


def perform(
    backend: Backend,
    workload: Workload,
    target: Target | None,
    tell: Callable[[str], None] = lambda _phase: None,
    oracles: OracleStore = OracleStore(None),  # noqa: B008  it has no state
    limits: Limits | None = None,
) -> Outcome:
    """Verify one row and, where there is a target, measure it.

    A row whose threads did not keep to ``limits`` fails.

    What goes wrong inside a backend is an outcome with a reason, never an exception.
    """
    row = verify(backend, workload, tell, oracles, timed=target is not None)
    return outcome_of(row, target, tell, limits)


def verify(
    backend: Backend,
    workload: Workload,
    tell: Callable[[str], None],
    oracles: OracleStore,
    *,
    timed: bool,
) -> Verified | Outcome:
    """Run a row once and judge what it gave; the outcome where that ends it."""
    return _guarded(lambda: _verify(backend, workload, tell, oracles, timed=timed))


def outcome_of(
    row: Verified | Outcome,
    target: Target | None,
    tell: Callable[[str], None],
    limits: Limits | None,
) -> Outcome:
    """Measure what was verified, where there is a target, and judge its last results too."""
    if isinstance(row, Outcome):
        return row
    if target is None:
        return _verified_only(row)
    return _guarded(lambda: _measure(row, target, tell, limits))


def _guarded(attempt: Callable[[], Found]) -> Found | Outcome:
    """What an attempt gives; what is raised in it, as an outcome."""
    try:
        return attempt()
    except BackendUnavailable as error:
        return Outcome(status="unavailable", reason=str(error))
    except MemoryError as error:
        return Outcome(status="oom", reason=f"out of memory: {one_line(error)}")
    except Exception as error:  # noqa: BLE001  a framework may raise anything
        reason = f"{type(error).__name__}: {one_line(error)}"
        # Frameworks have errors of their own for the memory of a device.
        return Outcome(status="oom" if _OUT_OF_MEMORY.search(reason) else "failed", reason=reason)


def _verify(
    backend: Backend,
    workload: Workload,
    tell: Callable[[str], None],
    oracles: OracleStore,
    *,
    timed: bool,
) -> Verified | Outcome:
    tell("verifying")
    why = lacks(backend.name, workload) or (untimed(backend.name) if timed else None)
    if why is not None:
        raise BackendUnavailable(f"{backend.name}: {why}")
    problem = problem_of(workload)
    before = backend.compilation()
    step = backend.prepare(workload, problem)
    first_call_s = _run_once(step, backend.clock)
    after = backend.compilation()
    oracle = oracles.get(
        _name_of(workload),
        lambda: Oracle.of(problem, gradients=workload.has_gradients, precision=workload.dtype),
    )
    verdict = _judge(oracle, step)
    if not verdict.correct:
        return _incorrect(verdict)
    return Verified(
        backend=backend,
        workload=workload,
        step=step,
        oracle=oracle,
        error=_errors(verdict),
        compile_s=after.seconds - before.seconds if before and after else None,
        first_call_s=first_call_s,
    )


def _verified_only(row: Verified) -> Outcome:
    """The outcome of a row that is not measured."""
    return Outcome(
        status="skipped", reason="verified only", compile_s=row.compile_s, error=row.error
    )


def _measure(
    row: Verified, target: Target, tell: Callable[[str], None], limits: Limits | None
) -> Outcome:
    tell("measuring")
    backend, workload, step = row.backend, row.workload, row.step
    compiled = backend.compilation()
    order.load()
    _reset_peak_memory()
    load, watch = OtherLoad(), ThreadWatch()
    device = step.on_device
    log = DeviceLog(step, device, backend.clock, row.first_call_s) if device else None
    energy = EnergyLog(_meter(backend, step), backend.clock)
    measured = measure(
        step.run,
        clock=backend.clock,
        target=target,
        before=step.before,
        device_time=device.last_call_s if device else None,
        mark=energy.mark,
    )
    latency = None
    if workload.mode == "infer":
        singles = measured.samples if measured.loops == 1 else ()
        latency = time_single_calls(step.run, backend.clock, target.budget, singles)
    drawn, undrawn = _drawn(energy, measured.calls * workload.batch_size)
    gpu = log.close(measured) if log else None
    others, use = load.since(), watch.since()
    peak = _peak_memory()
    now = backend.compilation()
    if now != compiled and now and compiled:
        times = now.count - compiled.count
        return Outcome(
            status="failed",
            reason=f"compiled {times} times inside the timed part, so its times mean nothing",
        )
    unfair = broken(limits, use) if limits and use else None
    if unfair:
        return Outcome(status="failed", reason=unfair, use=use)
    verdict = _judge(row.oracle, step)
    if not verdict.correct:
        return _incorrect(verdict)

    summary = measured.summary
    return Outcome(
        status="ok",
        time_s=Times(**vars(summary)),
        samples_s=Samples(measured.samples),
        loops=measured.loops,
        warmup_calls=measured.warmup_calls,
        stop=measured.stop,
        compile_s=row.compile_s,
        **rates(workload, summary.median),
        peak_memory_bytes=peak,
        other_load=others,
        latency=latency,
        use=use,
        precision=step.precision,
        energy=drawn,
        energy_reason=undrawn,
        error=_errors(verdict),
        gpu=gpu,
    )


def _run_once(step: Step, clock: Clock) -> Seconds:
    """Run the first call, which compiles and loads; how long it took."""
    if step.before is not None:
        step.before()
    start = clock.now()
    step.run()
    return clock.now() - start


def _meter(backend: Backend, step: Step) -> Meter:
    """What counts the energy of the device that a backend computes on."""
    if step.before is not None:
        return no_meter("what goes before each timed call would be in it")
    if step.on_device is not None:
        return step.on_device.meter
    if entry(backend.name).device != "cpu":
        return no_meter(f"{backend.name} computes on no device")
    return rapl.meter()


def _drawn(log: EnergyLog, sequences: int) -> tuple[Energy | None, str | None]:
    """The energy of the samples, or why it is unknown."""
    try:
        return log.close(sequences), None
    except EnergyUnknown as error:
        return None, str(error)


def _judge(oracle: Oracle, step: Step) -> Verdict:
    return oracle.judge(step.outputs(), step.gradients() if step.gradients else None)


def _errors(verdict: Verdict) -> Errors:
    return Errors(output=verdict.output, gradient=verdict.gradient, tolerance=verdict.tolerance)


def _incorrect(verdict: Verdict) -> Outcome:
    worst = max(verdict.output, verdict.gradient or 0.0)
    finite = worst < float("inf")
    return Outcome(
        status="incorrect",
        reason=f"error {worst:.2g} above the tolerance {verdict.tolerance:.2g}: {verdict.worst}",
        error=_errors(verdict) if finite else None,
    )


def one_line(error: BaseException) -> str:
    """What an error says, in one line of text that can be written to a file."""
    line = " ".join(str(error).split())[:500]
    return line.encode(errors="backslashreplace").decode()


def _reset_peak_memory() -> None:
    """Start the kernel's high-water mark anew, where it can be."""
    gc.collect()
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def _peak_memory() -> int | None:
    """The high-water mark of resident memory, in bytes; ``None`` where the kernel keeps none."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return None
    lines = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0].split()[1]) * 1024 if lines else None
