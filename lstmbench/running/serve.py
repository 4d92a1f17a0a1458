"""The process that runs one backend: it answers rows until the one that started it hangs up.

``python -m lstmbench.running.serve FD`` speaks with the process that started it over one inherited
socket: a JSON object a message.  The first names the backend and the processors to stay on; each
further one is a row, or asks for a time of the row that was only verified last, as often as one
likes.  Whatever a framework prints goes to the log of the worker, never into the talk.
"""

import ctypes
import gc
import json
import signal
import sys
from collections.abc import Callable
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ..backends.base import Backend
from ..backends.registry import entry, load
from ..backends.under_test import kernels
from ..correctness.oracles import OracleStore
from ..errors import BackendUnavailable
from ..machine.processors import bind_all_threads, settle
from ..records import Outcome
from ..timing.clock import WallClock
from ..timing.measure import Target
from ..workload import Workload
from .fairness import Limits
from .worker import Verified, one_line, outcome_of, verify

# After so many answers all is loaded that verifying and measuring need.
LOADING = 2


def receive(talk: Connection) -> dict[str, Any]:
    """The next message; raises ``EOFError`` where the other side has hung up."""
    message: dict[str, Any] = json.loads(talk.recv_bytes())
    return message


def send(talk: Connection, **message: object) -> None:
    """Say something."""
    talk.send_bytes(json.dumps(message).encode())


def open_backend(talk: Connection, opening: dict[str, Any]) -> Backend | None:
    """Keep to the processors that a first message names, load its backend, and say how it went."""
    if opening["cpus"]:
        bind_all_threads(opening["cpus"])
    try:
        backend = load(opening["backend"])
    except BackendUnavailable as error:
        send(talk, unavailable=str(error))
        return None
    except Exception as error:  # noqa: BLE001  a broken installation may raise anything
        send(talk, unavailable=f"{opening['backend']}: {type(error).__name__}: {one_line(error)}")
        return None
    send(talk, version=backend.version, kernels=str(Path(kernels().__file__).parent))
    return backend


def _die_with_parent() -> None:
    """Ask the kernel to end this process when the one that started it is gone."""
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def serve(talk: Connection) -> None:
    """Answer rows until the other side hangs up."""
    opening = receive(talk)
    backend = open_backend(talk, opening)
    if backend is None:
        return
    # What a backend on a GPU does on the host is not what is compared.
    on_cpu = entry(opening["backend"]).device == "cpu"
    limits = Limits(opening["threads"], tuple(opening["cpus"])) if on_cpu else None
    oracles = OracleStore(Path(opening["oracles"]) if opening["oracles"] else None)

    def tell(phase: str) -> None:
        send(talk, phase=phase)

    # Verification may leave threads that spin; what is not timed need not wait for them.
    clock, spinning = WallClock(), False
    nothing = Outcome(status="failed", reason="no row was verified before")
    row: Verified | Outcome = nothing
    for answered in count():
        request = receive(talk)
        target = Target(**request["target"]) if request["target"] else None
        if request["workload"]:
            workload = Workload(
                **{**request["workload"], "steps": tuple(request["workload"]["steps"])}
            )
            # Never two rows at once: they may be large.
            row = nothing
            row = verify(backend, workload, tell, oracles, timed=target is not None)
            spinning = True
        if target and spinning:
            settle(clock)
            spinning = False
        outcome = outcome_of(row, target, tell, limits)
        if request["workload"] and target:
            row = nothing
            settle(clock)
        send(talk, outcome=outcome.model_dump(mode="json"))
        # Libraries and compiled code are there with the first rows, and stay: to look through them
        # for garbage would take 70 ms before each measurement.
        if answered < LOADING:
            gc.freeze()


def main(serve: Callable[[Connection], None] = serve) -> None:
    """Run a worker on the socket that the command line names."""
    _die_with_parent()
    with Connection(int(sys.argv[1])) as talk:
        try:
            serve(talk)
        except (EOFError, ConnectionError):
            return


if __name__ == "__main__":
    main()
