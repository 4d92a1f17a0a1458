"""What every test shares: peers, golden files, rows made by hand, and the tool."""

import gc
import importlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

# Kernels for GPUs run in the simulator here; tests of the real thing start processes without it.
os.environ["NUMBA_ENABLE_CUDASIM"] = "1"

import pytest
from hypothesis import settings
from inline import InlineWorker

from lstmbench import cli
from lstmbench.backends import registry
from lstmbench.backends.base import Backend
from lstmbench.machine.environment import Environment, Machine, fingerprint
from lstmbench.planning.plan import Plan
from lstmbench.planning.suite import load_suite
from lstmbench.records import Errors, Header, Outcome, Result, Row, Settings, Times, make_row
from lstmbench.result import read
from lstmbench.running.process import THREAD_VARIABLES
from lstmbench.statistics.order import summarise
from lstmbench.workload import Workload, flops

GOLDEN = Path(__file__).parent / "golden"

# A shell ignores Ctrl-C for what it starts in the background, and so would every process of a test.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in every run: what fails here fails everywhere.  New ones are looked for with
# `lstmbench verify --random N --seed S`, and by hand with `--hypothesis-profile default`.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
# A run of two small rows on the fake backend.
TINY = ("-b", "fake", "--cell", "lstm", "--seq-len", "2", "--batch-size", "1", "--hidden-size", "3")

SUITE_HEAD = 'name = "mine"\ndescription = ""\nbaseline = "numpy"\nbackends = ["numpy", "fake"]\n'
SUITE_ROWS = (
    '[[rows]]\ncell = "lstm"\nmode = "infer"\nseq_len = 4\nbatch_size = 2\nhidden_size = 3\n'
)

# Names and reasons that a stranger could write into a result file.
HOSTILE = {
    "pipe": "a | b || c",
    "code": "`rm -rf` ``x`` ```",
    "html": "<script>alert(1)</script><img src=x onerror=y><!-- -->",
    "entity": "&lt;b&gt; &#60;b&#62; &copy;",
    "link": "[click](javascript:alert) ![i](http://x.y/z) <http://x.y>",
    "bare link": "see http://evil.example/x and https://evil.example and www.evil.example",
    "mail": "write to evil@evil.example",
    "mention": "@octocat and @org/team",
    "reference": "#1 owner/repo#2",
    "emphasis": "**bold** __bold__ *i* _i_ ~~gone~~",
    "math": "$x$ $$y$$",
    "newlines": "one\n\n# two\r\n- three\x0b\x85\u2028four",
    "heading": "# title",
    "list": "- item",
    "quote": "> quote",
    "rule": "---",
    "backslash": "\\| \\",
    "unseen": "red \x1b[31m, nothing \x00, and \u202egnorw si txet siht",
    "long": "x" * 10_000,
}


def require_peer(name: str) -> ModuleType:
    """Import a peer framework, or skip; where LSTMBENCH_REQUIRE_PEERS names it, absence fails."""
    if importlib.util.find_spec(name) is None:
        _is_missing(name)
    return importlib.import_module(name)


def require_chromium() -> str:
    """The path of a Chromium, or skip, in the same way."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    return found or _is_missing("chromium")


def run_compiled(*arguments: str, places: tuple[Path, ...] = (), quiet: bool = False) -> str:
    """What Python prints in a process where Numba's own simulator is off.

    ``places`` come first on its path; ``quiet``: nothing may come on standard error.
    """
    tests = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, *arguments],
        env={
            **os.environ,
            "NUMBA_ENABLE_CUDASIM": "0",
            "PYTHONPATH": os.pathsep.join(
                map(str, (*places, tests.parent, tests.parent / "kernels", tests))
            ),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (quiet and done.stderr), done.stderr
    return done.stdout


def require_emulator() -> None:
    """What the emulated GPU needs, or skip, in the same way."""
    require_peer("numba_cuda")
    if shutil.which("cc") is None:
        _is_missing("cc, a C compiler")


def _is_missing(name: str) -> NoReturn:
    reason = f"{name} is not installed"
    if name in os.environ.get("LSTMBENCH_REQUIRE_PEERS", "").split(","):
        pytest.fail(f"{reason}, and LSTMBENCH_REQUIRE_PEERS says it must be")
    pytest.skip(reason)


def assert_golden(name: str, text: str) -> None:
    """The text is that of a golden file; LSTMBENCH_WRITE_GOLDEN=1 writes it anew, and fails."""
    path = GOLDEN / name
    if os.environ.get("LSTMBENCH_WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
        pytest.fail(f"{path.name} is written: read it, then run again without the variable")
    assert text == path.read_text(encoding="utf-8")


def a_workload(**given: Any) -> Workload:
    """A tiny LSTM, with whatever is given replaced."""
    sizes = {"seq_len": 3, "batch_size": 2, "input_size": 4, "hidden_size": 5}
    return Workload(**{"cell": "lstm", "mode": "infer", **sizes, **given})


def ok_outcome(seconds: float = 0.001, workload: Workload | None = None) -> Outcome:
    """Eight samples around a median."""
    workload = workload or a_workload()
    around = (0.97, 0.98, 0.99, 1.0, 1.0, 1.01, 1.02, 1.05)
    samples = tuple(seconds * each for each in around)
    return Outcome(
        status="ok",
        time_s=Times(**vars(summarise(samples))),
        samples_s=samples,
        loops=1,
        warmup_calls=10,
        stop="budget",
        compile_s=0.0,
        sequences_per_s=workload.batch_size / seconds,
        timesteps_per_s=workload.batch_size * workload.seq_len / seconds,
        flops=flops(workload),
        flops_per_s=flops(workload) / seconds,
        peak_memory_bytes=50 * 2**20,
        error=Errors(
            output=1e-7, gradient=2e-7 if workload.has_gradients else None, tolerance=2e-6
        ),
    )


def a_row(
    workload: Workload | None = None,
    *,
    seconds: float = 0.001,
    backend: str = "fake",
    threads: int = 1,
    outcome: Outcome | None = None,
) -> Row:
    """A row that went well, or as the outcome says."""
    workload = workload or a_workload()
    return make_row(
        workload,
        backend=backend,
        backend_version="1",
        device="cpu",
        threads=threads,
        outcome=outcome or ok_outcome(seconds, workload),
    )


def bad_row(status: Any, reason: str = "for a reason", **given: Any) -> Row:
    """A row without a time."""
    return a_row(outcome=Outcome(status=status, reason=reason), **given)


def contenders(
    workload: Workload | None = None,
    *,
    threads: int = 1,
    fraction: float | None = None,
    bound: str = "compute",
    **seconds: float,
) -> list[Row]:
    """A row for each backend, underscores for hyphens; the own one with its fraction."""
    rows = []
    for name, time in seconds.items():
        row = a_row(workload, backend=name.replace("_", "-"), seconds=time, threads=threads)
        if name.startswith("numba") and fraction is not None:
            row = row.model_copy(update={"fraction_of_peak": fraction, "bound": bound})
        rows.append(row)
    return rows


def with_memory(row: Row, count: int | None) -> Row:
    """The row with another peak memory, in bytes."""
    return row.model_copy(update={"peak_memory_bytes": count})


def a_machine(**given: Any) -> Machine:
    """A machine that nobody has."""
    facts: dict[str, Any] = {
        "system": "Linux",
        "architecture": "x86_64",
        "cpu_model": "Imaginary 9000 @ 3.00GHz",
        "physical_cores": 4,
        "logical_cores": 8,
        "usable_cores": 4,
        "caches": {"L1d": 32 * 2**10, "L2": 2 * 2**20, "L3": 32 * 2**20},
        "memory_gib": 16,
        "simd": ("avx2", "fma"),
    }
    return Machine(**{**facts, **given})


def a_header(**given: Any) -> Header:
    """The header of a run on that machine."""
    machine = a_machine()
    fields: dict[str, Any] = {
        "created": "2026-01-02T03:04:05+00:00",
        "command": "lstmbench run --suite tiny",
        "suite": "tiny",
        "baseline": "fake",
        "timed_calls": {"fake": "nothing"},
        "settings": Settings(),
        "environment": Environment(
            machine=machine,
            software={"lstmbench": "0.1.0", "python": "3.11.9"},
            load_average=0.1,
            governor="performance",
            warnings=(),
        ),
        "fingerprint": fingerprint(machine),
    }
    return Header(**{**fields, **given})


def a_plan(*workloads: Workload, **given: Any) -> Plan:
    """A plan for the fake backend."""
    fields: dict[str, Any] = {
        "suite": "tiny",
        "baseline": "fake",
        "backends": ("fake",),
        "required": False,
        "threads": (1,),
        "workloads": workloads or (a_workload(),),
    }
    return Plan(**{**fields, **given})


def as_result(rows: Sequence[Row], **header: Any) -> Result:
    """A result file's content, in memory."""
    fields = {name: getattr(a_header(**header), name) for name in Header.model_fields}
    return Result(**fields, rows=tuple(rows))


def load_with_two_threads(backend: str) -> Backend:
    """The backend, in this process, as in a worker with two threads."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in THREAD_VARIABLES:
            patch.setenv(variable, "2")
        return registry.load(backend)


def run_tool(
    *arguments: str, cwd: Path, script: list[dict[str, Any]] | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the tool in a process of its own, the fake backend playing ``script``."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "lstmbench.cli", *arguments],
        cwd=cwd,
        env={
            **os.environ,
            "LSTMBENCH_FAKE": json.dumps(script or []),
            "NUMBA_ENABLE_CUDASIM": "0",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module", autouse=True)
def only_new_garbage():
    """Each measurement looks for garbage: not among the frameworks that earlier files loaded.

    That took a second each time.  What is garbage by now is collected before.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture
def torch():
    """PyTorch on one thread: two that share a tiny network spend their time waiting."""
    torch = require_peer("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield torch
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def tf() -> ModuleType:
    """TensorFlow with two threads: whoever computes first in a process decides for all after."""
    require_peer("keras")
    tf = require_peer("tensorflow")
    load_with_two_threads("keras-cpu")
    return tf


@pytest.fixture(scope="session")
def golden_result() -> Result:
    """A result file of version 1, written once: every later version of the reader must read it."""
    return read(GOLDEN / "result.json")


@pytest.fixture
def suite_of(tmp_path):
    """Load a suite from text."""

    def load(text):
        path = tmp_path / "mine.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_suite(str(path))

    return load


@pytest.fixture
def tool(capsys, monkeypatch, tmp_path):
    """Run the tool in this process, in an empty folder: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def tool(*arguments):
        with pytest.raises(SystemExit) as end:
            cli.main(arguments)
        out, err = capsys.readouterr()
        return end.value.code, out, err

    return tool


@pytest.fixture
def script(monkeypatch):
    """Have workers in this process play a script instead of starting processes."""

    def play(*rules):
        worker = InlineWorker(list(rules))
        monkeypatch.setattr(
            "lstmbench.running.run.start_worker",
            lambda backend, *_given, **_named: worker.named(backend),
        )
        return worker

    play()
    return play
