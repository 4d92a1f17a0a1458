"""Oracles on disk are the oracles that were put there, and a damaged one is made again."""

from pathlib import Path

import numpy as np
import pytest

from lstmbench.correctness.oracles import OracleStore
from lstmbench.correctness.verify import Oracle
from lstmbench_kernels.problem import make_problem
from lstmbench_kernels.spec import CELLS, LSTM, Shape


@pytest.fixture(params=[True, False], ids=["with gradients", "without"])
def oracle(request: pytest.FixtureRequest) -> Oracle:
    return Oracle.of(make_problem(LSTM, Shape(3, 2, 4, 5)), gradients=request.param)


def refuse() -> Oracle:
    raise AssertionError("it was there already")


def test_an_oracle_comes_back_as_it_was(tmp_path: Path, oracle: Oracle):
    OracleStore(tmp_path).get("lstm/x", lambda: oracle)
    back = OracleStore(tmp_path).get("lstm/x", refuse)
    assert back.tolerance == oracle.tolerance
    assert set(back.outputs) == set(oracle.outputs)
    for name, array in oracle.outputs.items():
        np.testing.assert_array_equal(back.outputs[name], array)
    assert (back.gradients is None) == (oracle.gradients is None)
    for name, array in (oracle.gradients or {}).items():
        np.testing.assert_array_equal((back.gradients or {})[name], array)


def test_the_slack_of_a_kink_and_the_precision_come_back_too(tmp_path: Path):
    problem = make_problem(CELLS["rnn-relu"], Shape(3, 2, 4, 5), dtype="float32")
    oracle = Oracle.of(problem, gradients=True)
    OracleStore(tmp_path).get("relu", lambda: oracle)
    back = OracleStore(tmp_path).get("relu", refuse)
    assert back.dtype == "float32"
    assert set(back.slack) == set(oracle.slack) == set(oracle.gradients or {})


def test_another_name_is_another_oracle(tmp_path: Path, oracle: Oracle):
    store = OracleStore(tmp_path)
    store.get("lstm/x", lambda: oracle)
    with pytest.raises(AssertionError, match="there already"):
        store.get("lstm/y", refuse)


def test_one_that_was_cut_short_is_made_again(tmp_path: Path, oracle: Oracle):
    store = OracleStore(tmp_path)
    store.get("lstm/x", lambda: oracle)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:100])
    assert store.get("lstm/x", lambda: oracle) is oracle
    assert store.get("lstm/x", refuse).tolerance == oracle.tolerance


def test_where_nothing_can_be_kept_it_is_made_each_time(tmp_path: Path, oracle: Oracle):
    gone = tmp_path / "gone"
    for store in (OracleStore(None), OracleStore(gone)):
        assert store.get("lstm/x", lambda: oracle) is oracle
    assert not gone.exists()
