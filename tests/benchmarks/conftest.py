"""What `lstmbench import` needs to know of a run: the header of a result file."""

import shlex
import sys
from datetime import UTC, datetime

from lstmbench.backends.registry import entry
from lstmbench.formats.pytest_benchmark import KEY
from lstmbench.machine.environment import describe, fingerprint
from lstmbench.records import Header, Settings


def pytest_benchmark_update_machine_info(config, machine_info):
    environment = describe()
    header = Header(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=shlex.join(["pytest", *config.invocation_params.args]),
        suite="tests/benchmarks",
        measured_by="pytest-benchmark",
        baseline="numba-cpu",
        timed_calls={"numba-cpu": entry("numba-cpu").timed},
        # pytest-benchmark neither stops when it is precise nor gives up.
        settings=Settings(
            budget_s=float(config.getoption("benchmark_max_time")),
            precision=sys.float_info.min,
            timeout_s=sys.float_info.max,
        ),
        environment=environment,
        fingerprint=fingerprint(environment.machine),
    )
    machine_info[KEY] = header.model_dump(mode="json")
