"""The process that runs one backend: verify a row, measure it, say what came of it.

``python -m lstmbench.worker FD`` speaks with the process that started it over one inherited socket:
a JSON object a message.  The first names the backend and the processors to stay on; each further
one is a row.  Whatever a framework prints goes to the log of the worker, never into the talk.
"""

import ctypes
import gc
import hashlib
import json
import re
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from lstmbench_kernels.problem import Problem, make_problem

from . import rapl, stats
from .backends.base import Backend, Step
from .backends.registry import entry, lacks, load, untimed
from .backends.under_test import kernels
from .clock import Clock
from .data import load_sunspots, windows
from .device_log import DeviceLog
from .energy import Energy, EnergyLog, Meter, no_meter
from .environment import OtherLoad
from .errors import BackendUnavailable, EnergyUnknown
from .fairness import Limits, broken
from .latency import time_single_calls
from .measure import Target, measure
from .oracles import OracleStore
from .processors import ThreadWatch, bind_all_threads
from .records import Errors, Outcome, rates
from .rounding import storage
from .times import Times
from .units import Seconds
from .verify import Oracle, Verdict
from .workload import Workload

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
    try:
        return _perform(backend, workload, target, tell, oracles, limits)
    except BackendUnavailable as error:
        return Outcome(status="unavailable", reason=str(error))
    except MemoryError as error:
        return Outcome(status="oom", reason=f"out of memory: {_one_line(error)}")
    except Exception as error:  # noqa: BLE001  a framework may raise anything
        reason = f"{type(error).__name__}: {_one_line(error)}"
        # Frameworks have errors of their own for the memory of a device.
        return Outcome(status="oom" if _OUT_OF_MEMORY.search(reason) else "failed", reason=reason)


def _perform(
    backend: Backend,
    workload: Workload,
    target: Target | None,
    tell: Callable[[str], None],
    oracles: OracleStore,
    limits: Limits | None,
) -> Outcome:
    tell("verifying")
    why = lacks(backend.name, workload) or (untimed(backend.name) if target else None)
    if why is not None:
        raise BackendUnavailable(f"{backend.name}: {why}")
    problem = problem_of(workload)
    before = backend.compilation()
    step = backend.prepare(workload, problem)
    first_call_s = _run_once(step, backend.clock)
    after = backend.compilation()
    compile_s = after.seconds - before.seconds if before and after else None
    oracle = oracles.get(
        _name_of(workload),
        lambda: Oracle.of(problem, gradients=workload.has_gradients, precision=workload.dtype),
    )
    verdict = _judge(oracle, step)
    if not verdict.correct:
        return _incorrect(verdict)
    if target is None:
        return Outcome(
            status="skipped",
            reason="verified only",
            compile_s=compile_s,
            error=_errors(verdict),
        )

    tell("measuring")
    stats.load()
    _reset_peak_memory()
    load, watch = OtherLoad(), ThreadWatch()
    device = step.on_device
    log = DeviceLog(step, device, backend.clock, first_call_s) if device else None
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
    if now != after and now and after:
        times = now.count - after.count
        return Outcome(
            status="failed",
            reason=f"compiled {times} times inside the timed part, so its times mean nothing",
        )
    unfair = broken(limits, use) if limits and use else None
    if unfair:
        return Outcome(status="failed", reason=unfair, use=use)
    verdict = _judge(oracle, step)
    if not verdict.correct:
        return _incorrect(verdict)

    summary = measured.summary
    return Outcome(
        status="ok",
        time_s=Times(**vars(summary)),
        samples_s=measured.samples,
        loops=measured.loops,
        warmup_calls=measured.warmup_calls,
        stop=measured.stop,
        compile_s=compile_s,
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


def _one_line(error: BaseException) -> str:
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


def _die_with_parent() -> None:
    """Ask the kernel to end this process when the one that started it is gone."""
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def serve(talk: Connection) -> None:
    """Answer rows until the other side hangs up."""

    def receive() -> dict[str, Any]:
        message: dict[str, Any] = json.loads(talk.recv_bytes())
        return message

    def send(**message: object) -> None:
        talk.send_bytes(json.dumps(message).encode())

    opening = receive()
    if opening["cpus"]:
        bind_all_threads(opening["cpus"])
    try:
        backend = load(opening["backend"])
    except BackendUnavailable as error:
        send(unavailable=str(error))
        return
    except Exception as error:  # noqa: BLE001  a broken installation may raise anything
        send(unavailable=f"{opening['backend']}: {type(error).__name__}: {_one_line(error)}")
        return
    send(version=backend.version, kernels=str(Path(kernels().__file__).parent))
    # What a backend on a GPU does on the host is not what is compared.
    on_cpu = entry(opening["backend"]).device == "cpu"
    limits = Limits(opening["threads"], tuple(opening["cpus"])) if on_cpu else None
    oracles = OracleStore(Path(opening["oracles"]) if opening["oracles"] else None)
    while True:
        request = receive()
        target = Target(**request["target"]) if request["target"] else None
        outcome = perform(
            backend,
            Workload(**{**request["workload"], "steps": tuple(request["workload"]["steps"])}),
            target,
            lambda phase: send(phase=phase),
            oracles,
            limits,
        )
        send(outcome=outcome.model_dump(mode="json"))


def main() -> None:
    """Run a worker on the socket that the command line names."""
    _die_with_parent()
    with Connection(int(sys.argv[1])) as talk:
        try:
            serve(talk)
        except (EOFError, ConnectionError):
            return


if __name__ == "__main__":
    main()
