"""What a result file holds: one record for each thing, every field described.

Numbers are seconds, bytes and counts; there is never a NaN or an infinity, but null and a reason.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, Literal, Self, TypedDict

from pydantic import ConfigDict, Field, model_validator

from .breakeven import BreakEven
from .errors import UsageError
from .machine.energy import Energy
from .machine.environment import Environment
from .machine.gpu import Gpu
from .machine.processors import Use
from .model import Duration, Model, NotNegative, Positive, Size
from .timing.latency import Latency
from .timing.samples import Samples
from .timing.times import Times
from .units import Seconds
from .workload import Workload, flops

Status = Literal["ok", "incorrect", "unavailable", "failed", "timeout", "oom", "skipped"]
# What `Header.measured_by` says of a file that `lstmbench run` made.
OWN = "lstmbench"
# What makes a row one of its kind: id, data, lengths, backend, threads.
Key = tuple[str, str, str, str, int]


class Errors(Model):
    """The largest errors against the float64 oracle, at unit scale, and their bound."""

    output: NotNegative
    """The largest error of an output."""
    gradient: NotNegative | None
    """The largest error of a gradient; null where the mode has none."""
    tolerance: Positive
    """What both may be at most."""


class Outcome(Model):
    """What came of one row: how it went, and what was measured."""

    status: Status
    """How it went; only ``ok`` has times."""
    reason: str | None = None
    """Why there is no time, in one line."""
    time_s: Times | None = None
    """Seconds of one call."""
    samples_s: Samples = Samples()
    """Every sample, in seconds of one call."""
    processes_s: tuple[Duration, ...] = ()
    """The median of each fresh process, where there were several."""
    loops: Size | None = None
    """Calls in one sample."""
    warmup_calls: Annotated[int | None, Field(ge=0)] = None
    """Calls before the first sample, until the times were steady."""
    stop: Literal["precise", "budget", "max-samples"] | None = None
    """Why sampling ended."""
    compile_s: NotNegative | None = None
    """Seconds this row made its process compile: 0 where an earlier row or the disk cache had it,
    null where nothing is ever compiled."""
    sequences_per_s: Positive | None = None
    """Batch size / median."""
    timesteps_per_s: Positive | None = None
    """Valid steps of all sequences / median."""
    flops: Size | None = None
    """Floating-point operations of the matrix products of one call, of valid steps only."""
    flops_per_s: Positive | None = None
    """Those / median."""
    fraction_of_peak: NotNegative | None = None
    """The least time that the machine's bound allows / median."""
    bound: str | None = None
    """What sets that bound: compute, a cache or memory."""
    peak_memory_bytes: Size | None = None
    """Peak resident set of the worker while it was timed."""
    other_load: NotNegative | None = None
    """Processors that other processes kept busy while it was timed; 0.5 is half of one."""
    latency: Latency | None = None
    """How long single calls took; null where the mode is not infer."""
    use: Use | None = None
    """What its threads used of the processors; null where that was too short to tell."""
    precision: str | None = None
    """The arithmetic that was really used: what products multiply, a colon, and how it is known."""
    energy: Energy | None = None
    """What the processor packages or the GPU drew while it was sampled; null where unknown."""
    energy_reason: str | None = None
    """Why the energy is unknown, in one line."""
    error: Errors | None = None
    """How far off the result was."""
    gpu: Gpu | None = None
    """What a row on a GPU has besides; null for every other row."""

    @model_validator(mode="after")
    def _says_why_or_has_times(self) -> Self:
        if self.status == "ok" and self.time_s is None:
            raise ValueError("a row with status ok needs time_s")
        if self.status != "ok" and not self.reason:
            raise ValueError(f"a row with status {self.status} needs a reason")
        if self.status != "ok" and self.time_s is not None:
            raise ValueError(f"a row with status {self.status} cannot have time_s")
        return self


# Made once of each: it is checked when it is made, and rows of many backends have the same.
_workload = lru_cache(maxsize=2**16)(Workload)


class Row(Outcome):
    """One workload on one backend with one number of threads."""

    # A copy with other fields has none, and makes its own.
    __slots__ = ("_workload",)

    id: str
    """CELL[-bi]/MODE/T..-B..-I..-H..-L..[-nobias]/DTYPE."""
    backend: str
    """The framework that computed it."""
    backend_version: str | None
    """Its version as it says; null where it could not be loaded."""
    cell: str
    """lstm, gru, rnn-tanh or rnn-relu."""
    bidirectional: bool
    """Whether there is a second direction."""
    mode: str
    """infer, train, forward or backward."""
    dtype: str
    """float32, float64, float16, bfloat16 or tf32."""
    device: str
    """Where it was computed: cpu, cuda, or none."""
    threads: Size
    """Threads that the worker was given."""
    seq_len: Size
    """T."""
    batch_size: Size
    """B."""
    input_size: Size
    """I."""
    hidden_size: Size
    """H."""
    num_layers: Size
    """L."""
    bias: bool = True
    """Whether there are biases."""
    data: str = "random"
    """What the input was: random, or the name of a series."""
    lengths: str = "full"
    """What the lengths of the sequences were: full, uniform, geometric, or the name of a file."""
    steps: tuple[Size, ...] = ()
    """The valid steps of each sequence; empty where all are T."""

    @property
    def workload(self) -> Workload:
        """What was to be done; rows of the same work share one."""
        if (known := getattr(self, "_workload", None)) is None:
            known = self._make_workload()
            object.__setattr__(self, "_workload", known)
        return known

    def _make_workload(self) -> Workload:
        return _workload(
            cell=self.cell,
            mode=self.mode,
            seq_len=self.seq_len,
            batch_size=self.batch_size,
            input_size=self.input_size,
            hidden_size=self.hidden_size,
            bidirectional=self.bidirectional,
            num_layers=self.num_layers,
            bias=self.bias,
            dtype=self.dtype,
            data=self.data,
            lengths=self.lengths,
            steps=self.steps,
        )

    @property
    def key(self) -> Key:
        """What makes a row one of its kind in a file."""
        return (self.id, self.data, self.lengths, self.backend, self.threads)

    @model_validator(mode="after")
    def _id_says_what_the_fields_say(self) -> Self:
        try:
            expected = self.workload.id
        except UsageError as error:
            raise ValueError(str(error)) from error
        if self.id != expected:
            raise ValueError(f"id: expected {expected}, as the other fields say, got {self.id}")
        return self


class Rates(TypedDict):
    """The fields of a row that follow from its workload and its median."""

    sequences_per_s: float
    timesteps_per_s: float
    flops: int
    flops_per_s: float


def rates(workload: Workload, median: Seconds) -> Rates:
    """How much of a workload is done in a second."""
    operations = flops(workload)
    return Rates(
        sequences_per_s=workload.batch_size / median,
        timesteps_per_s=workload.valid_steps / median,
        flops=operations,
        flops_per_s=operations / median,
    )


def make_row(
    workload: Workload,
    *,
    backend: str,
    backend_version: str | None,
    device: str,
    threads: int,
    outcome: Outcome,
) -> Row:
    """A row from what was asked for and what came of it."""
    return Row(
        id=workload.id,
        backend=backend,
        backend_version=backend_version,
        cell=workload.cell,
        bidirectional=workload.bidirectional,
        mode=workload.mode,
        dtype=workload.dtype,
        device=device,
        threads=threads,
        seq_len=workload.seq_len,
        batch_size=workload.batch_size,
        input_size=workload.input_size,
        hidden_size=workload.hidden_size,
        num_layers=workload.num_layers,
        bias=workload.bias,
        data=workload.data,
        lengths=workload.lengths,
        steps=workload.steps,
        **{name: getattr(outcome, name) for name in Outcome.model_fields},
    )


class Settings(Model):
    """How long and how precisely each row was sampled, and when it was given up."""

    budget_s: Positive = 0.4
    """Seconds to sample a row for, at most."""
    precision: Positive = 0.01
    """Half the interval as a fraction of the median at which sampling ends."""
    timeout_s: Positive = 120.0
    """Seconds after which a row is given up."""
    rounds: Size = 1
    """Fresh processes for each backend."""


class Roof(Model):
    """The most that a number of threads reaches together on this machine."""

    threads: Size
    """How many."""
    flops_per_s: dict[str, Positive]
    """Fused multiply-adds, two operations each, by dtype."""
    bytes_per_s: dict[str, Positive]
    """Loads, by the level of memory that they come from."""


class Header(Model):
    """Everything in a result file but the rows."""

    created: str
    """UTC start of the run, ISO 8601."""
    command: str
    """The command line that makes it again."""
    suite: str
    """The suite that declared the rows."""
    measured_by: str = OWN
    """The tool that measured: lstmbench, or the one whose file was imported."""
    baseline: str
    """The backend that speedup divides by."""
    timed_calls: Annotated[dict[str, str], Field(default_factory=dict)]
    """What is inside a timed call of each backend."""
    settings: Settings
    """How long and how precisely rows were sampled."""
    environment: Environment
    """The machine, the software, and how the machine was at the start."""
    roofs: tuple[Roof, ...] = ()
    """The most that this machine does, for each number of threads."""
    break_even: BreakEven | None = None
    """The question that rows were chosen to answer, and its answers; null for any other run."""
    fingerprint: str
    """Hash of environment.machine: equal on the same machine only."""


class Result(Header):
    """A whole result file."""

    model_config = ConfigDict(title="lstmbench result")

    schema_: Annotated[Literal["lstmbench/result"], Field(alias="schema")] = "lstmbench/result"
    """What kind of file this is."""
    version: Literal[1] = 1
    """The version of the format."""
    rows: tuple[Row, ...]
    """One for each workload, backend and number of threads."""

    @model_validator(mode="after")
    def _rows_are_unique(self) -> Self:
        require_unique(self.rows)
        return self


def require_unique(rows: Iterable[Row]) -> None:
    """Raises ``ValueError`` where a row is there twice."""
    seen: set[Key] = set()
    for row in rows:
        if row.key in seen:
            raise ValueError(f"rows: {row.id} on {row.backend} is there twice")
        seen.add(row.key)
