"""A run keeps what it measured, whatever else cannot be had."""

from pathlib import Path

import pytest
from conftest import a_plan, a_workload

from lstmbench import roofline
from lstmbench.errors import Exit, WorkerError
from lstmbench.records import Settings
from lstmbench.result import read
from lstmbench.running import session
from lstmbench.running.session import Show


def test_rows_are_kept_where_the_roofs_cannot_be_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def fail(_threads: object) -> None:
        raise WorkerError("roofline: not measured: no numba")

    monkeypatch.setattr(roofline, "measure", fail)
    plan = a_plan(a_workload(), backends=("numpy",), baseline="numpy")
    output = tmp_path / "result.json"

    code = session.measure(
        plan, Settings(budget_s=0.01), output, resume=False, asked=False, show=Show.NOTHING
    )

    assert code == Exit.OK
    (row,) = read(output).rows
    assert row.status == "ok"
    assert row.fraction_of_peak is None
    assert "warning: roofline: not measured: no numba" in capsys.readouterr().err


def test_json_wins_over_quiet():
    assert Show.of(as_json=True, quiet=True) is Show.JSON
    assert Show.of(as_json=False, quiet=True) is Show.NOTHING
    assert Show.of(as_json=False, quiet=False) is Show.SCREEN
