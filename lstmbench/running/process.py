"""Starting a worker, talking with it, and telling why it died."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from multiprocessing import Pipe
from pathlib import Path
from typing import Any, Protocol

from ..errors import BackendUnavailable, WorkerError
from ..records import Outcome
from ..timing.measure import Target
from ..units import Seconds, clock_time
from ..workload import Workload

# Every thread pool that a backend may bring along reads one of these when it loads.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)
# Importing a framework and opening its thread pool takes seconds; this is a framework that hangs.
START_LIMIT: Seconds = 120.0


class Worker(Protocol):
    """A place where one backend runs with one number of threads."""

    def start(self) -> None:
        """Begin to load the backend."""
        ...

    def version(self) -> str:
        """Wait until it is loaded; raises ``BackendUnavailable`` or ``WorkerError``."""
        ...

    def perform(
        self, workload: Workload, target: Target | None, limit: Seconds, tell: Callable[[str], None]
    ) -> Outcome:
        """Verify and measure one row; what goes wrong is in the outcome."""
        ...

    def close(self) -> None:
        """End it, at once."""
        ...


@dataclass(frozen=True)
class Installation:
    """Where a worker takes its code from: this process' own, where nothing else is said.

    Attributes:
        python: the interpreter.
        path: where it looks before anything that is installed.
        environment: variables besides those of this process.
    """

    python: Path = Path(sys.executable)
    path: tuple[Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def variables(self) -> dict[str, str]:
        """All variables of the worker."""
        variables = {**os.environ, **self.environment}
        if self.path:
            variables["PYTHONPATH"] = os.pathsep.join(map(str, self.path))
        return variables


class WorkerProcess:
    """A worker in a process of its own.

    ``SERVES`` is the module that the process runs.
    """

    SERVES = "lstmbench.running.serve"

    def __init__(
        self,
        backend: str,
        threads: int,
        cpus: Sequence[int],
        oracles: Path | None = None,
        installation: Installation = Installation(),
    ) -> None:
        self._installation = installation
        self.kernels: Path | None = None
        self._backend = backend
        self._threads = threads
        self._cpus = list(cpus)
        self._oracles = str(oracles) if oracles else None
        self._process: subprocess.Popen[bytes] | None = None
        self._version: str | None = None

    def start(self) -> None:
        if self._process is not None:
            return
        self._talk, theirs = Pipe()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  closed with the worker
        self._ooms = _out_of_memory_kills()
        self._version = None
        count = str(self._threads)
        with theirs:
            self._process = subprocess.Popen(
                [
                    str(self._installation.python),
                    "-P",
                    "-m",
                    self.SERVES,
                    str(theirs.fileno()),
                ],
                env={**self._installation.variables(), **dict.fromkeys(THREAD_VARIABLES, count)},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                # Ctrl-C is for the process that shows the table; it ends its workers itself.
                start_new_session=True,
            )
        with suppress(OSError):
            self._send(
                backend=self._backend,
                threads=self._threads,
                cpus=self._cpus,
                oracles=self._oracles,
            )

    def version(self) -> str:
        if self._version is None:
            self.start()
            try:
                answer = self._receive(START_LIMIT)
            except TimeoutError as error:
                self.close()
                raise WorkerError(
                    f"{self._backend}: not loaded after {clock_time(START_LIMIT)}"
                ) from error
            except (EOFError, OSError) as error:
                raise WorkerError(f"{self._backend}: {self._post_mortem()[1]}") from error
            if "unavailable" in answer:
                self.close()
                raise BackendUnavailable(answer["unavailable"])
            self._version, self.kernels = str(answer["version"]), Path(answer["kernels"])
        return self._version

    def perform(
        self, workload: Workload, target: Target | None, limit: Seconds, tell: Callable[[str], None]
    ) -> Outcome:
        return self._ask(asdict(workload), target, limit, tell)

    def again(self, target: Target, limit: Seconds) -> Outcome:
        """Measure the row that was verified last, and only verified, as it stands there."""
        return self._ask(None, target, limit, lambda _phase: None)

    def _ask(
        self,
        workload: dict[str, Any] | None,
        target: Target | None,
        limit: Seconds,
        tell: Callable[[str], None],
    ) -> Outcome:
        try:
            self.version()
            self._send(workload=workload, target=asdict(target) if target else None)
            deadline = time.monotonic() + limit
            while True:
                answer = self._receive(max(deadline - time.monotonic(), 0.0))
                if "outcome" in answer:
                    return Outcome.model_validate_json(json.dumps(answer["outcome"]))
                tell(answer["phase"])
        except TimeoutError:
            self.close()
            return Outcome(status="timeout", reason=f"no answer for {clock_time(limit)}")
        except BackendUnavailable as error:
            return Outcome(status="unavailable", reason=str(error))
        except WorkerError as error:
            return Outcome(status="failed", reason=str(error))
        except (EOFError, OSError):
            out_of_memory, reason = self._post_mortem()
            return Outcome(status="oom" if out_of_memory else "failed", reason=reason)

    def close(self) -> None:
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._talk.close()
        self._log.close()
        self._process = self._version = None

    def _send(self, **message: object) -> None:
        self._talk.send_bytes(json.dumps(message).encode())

    def _receive(self, limit: Seconds) -> dict[str, Any]:
        if not self._talk.poll(limit):
            raise TimeoutError
        message: dict[str, Any] = json.loads(self._talk.recv_bytes())
        return message

    def _post_mortem(self) -> tuple[bool, str]:
        """Whether memory ran out, and how the worker died with the last thing it printed."""
        assert self._process is not None
        try:
            code = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            code = 0
        self._log.seek(0)
        said = self._log.read().decode(errors="replace").split("\n")
        last_words = next((line.strip() for line in reversed(said) if line.strip()), "")
        out_of_memory = code == -signal.SIGKILL and _out_of_memory_kills() > self._ooms
        self.close()
        if out_of_memory:
            return True, "killed by the kernel: out of memory"
        how = (
            f"was killed by {signal.Signals(-code).name}"
            if code < 0
            else f"ended with exit code {code}"
        )
        return False, f"the worker {how}" + (f"; it said: {last_words[:300]}" if last_words else "")


def _out_of_memory_kills() -> int:
    """How many processes the kernel has killed for memory since it started, where it counts."""
    try:
        lines = Path("/proc/vmstat").read_text().split()
    except OSError:
        return 0
    return int(lines[lines.index("oom_kill") + 1]) if "oom_kill" in lines else 0
