"""The gate's test of itself counts what it finds, and slows down for real."""

from importlib.util import module_from_spec, spec_from_file_location
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from test_gate import SIDES, Machine, judged

from lstmbench.gate.selftest import Tries, least_found, run_self_test, slowed
from lstmbench.gate.sides import UNDER_TEST, Side

WORKSPACE = """
from time import perf_counter_ns as clock
class Workspace:
    def run(self, entry):
        until = clock() + entry
        while clock() < until:
            pass
"""


@pytest.fixture
def base(tmp_path: Path) -> Side:
    module = tmp_path / "base" / UNDER_TEST / "cpu" / "workspace.py"
    module.parent.mkdir(parents=True)
    module.write_text(WORKSPACE)
    return Side("base", "abc", Path("python"), (tmp_path / "base", tmp_path / "harness"))


def test_a_slowed_copy_takes_that_much_longer_and_the_base_stays_as_it_was(base: Side):
    with slowed(base, 0.5) as head:
        module = loaded(head.path[0] / UNDER_TEST / "cpu" / "workspace.py")
        assert (head.name, head.revision) == ("head", "base, slower by 50 %")
        assert head.path[1:] == base.path[1:]
    ticks = count()
    module.clock = lambda: next(ticks)
    module.Workspace().run(1000)
    assert 1500 <= next(ticks) <= 1510
    assert (base.path[0] / UNDER_TEST / "cpu" / "workspace.py").read_text() == WORKSPACE


def loaded(path: Path) -> Any:
    spec = spec_from_file_location("slowed_workspace", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_without_a_share_the_copy_is_the_base(base: Side):
    with slowed(base, 0.0) as head:
        assert (head.path[0] / UNDER_TEST / "cpu" / "workspace.py").read_text() == WORKSPACE
        assert head.revision == "base"


def test_what_is_appended_fits_the_module_it_is_appended_to():
    import lstmbench_kernels.cpu.workspace as module

    assert callable(module.clock)
    assert callable(module.Workspace.run)


def test_every_row_of_every_run_is_counted(base: Side):
    heard: list[float] = []

    def judge(sides: object) -> object:
        share = 0.1 if "slower" in sides["head"].revision else 0.0  # type: ignore[index]
        ids = [row.id for row in judged(Machine()).rows]
        slower = {("head", each): 1 + share for each in ids}
        return judged(Machine(slower=slower, seed=len(heard)))

    tries = run_self_test(
        {**SIDES, "base": base},
        (0.0, 0.1),
        3,
        judge,  # type: ignore[arg-type]
        lambda share, _result: heard.append(share),
    )
    assert heard == [0.0, 0.0, 0.0, 0.1, 0.1, 0.1]
    assert [(t.share, t.rows, t.found) for t in tries] == [(0.0, 12, 0), (0.1, 12, 12)]


def test_rates_have_exact_intervals():
    none, all_, nothing = Tries(0.0, 100, 0, 3), Tries(0.1, 24, 24, 0), Tries(0.1, 0, 0, 0)
    assert none.rate == 0.0
    # 1 - 0.025^(1/100): what zero of a hundred leave open.
    assert none.interval == pytest.approx((0.0, 1 - 0.025**0.01))
    assert all_.interval == pytest.approx((0.025 ** (1 / 24), 1.0))
    assert (nothing.rate, nothing.interval) == (0.0, (0.0, 1.0))


def test_the_least_slowdown_is_one_from_which_on_all_are_found():
    def tried(**found: int) -> list[Tries]:
        return [Tries(int(name[1:]) / 100, 20, n, 0) for name, n in found.items()]

    assert least_found(tried(p3=4, p5=19, p10=20)) == 0.05
    assert least_found(tried(p3=20, p5=10, p10=20)) == 0.10
    assert least_found(tried(p3=0, p10=2)) is None
