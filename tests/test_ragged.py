"""The oracle of ragged batches against PyTorch's packed sequences, and against the plain oracle."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from conftest import require_peer
from numpy.typing import NDArray

from lstmbench.correctness.verify import evaluate
from lstmbench_kernels.problem import Problem, make_problem
from lstmbench_kernels.spec import CELLS, Shape

LENGTHS = (4, 9, 1, 7, 9, 3)


def problem_of(cell: str, *, bidirectional: bool, layers: int, **options: object) -> Problem:
    shape = Shape(9, 6, 5, 7, layers, bidirectional)
    return make_problem(CELLS[cell], shape, dtype="float64", lengths=LENGTHS, **options)  # type: ignore[arg-type]


@pytest.mark.peer
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", list(CELLS))
def test_it_agrees_with_packed_sequences_of_pytorch(cell: str, bidirectional: bool, layers: int):
    require_peer("torch")
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    from lstmbench.backends.torch_modules import TorchStep

    problem = problem_of(cell, bidirectional=bidirectional, layers=layers)
    step = TorchStep(problem)
    for tensor in step.inputs.values():
        tensor.requires_grad_(True)
    states = tuple(step.inputs[name + "0"] for name in problem.cell.states)
    packed = pack_padded_sequence(step.inputs["x"], torch.tensor(LENGTHS), enforce_sorted=False)
    y, final = step.module(packed, states if len(states) > 1 else states[0])
    padded, _ = pad_packed_sequence(y, total_length=9)
    step.results = (padded, *(final if len(states) > 1 else (final,)))
    step.backward()

    outputs, gradients = evaluate(problem, gradients=True)
    assert gradients is not None
    for got, want in ((step.outputs(), outputs), (step.gradients(), gradients)):
        assert set(got) == set(want)
        for name, array in want.items():
            np.testing.assert_allclose(got[name], array, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", list(CELLS))
def test_a_sequence_in_a_batch_is_the_sequence_alone(cell: str, bidirectional: bool):
    problem = problem_of(cell, bidirectional=bidirectional, layers=2)
    outputs, gradients = evaluate(problem, gradients=True)
    total: dict[str, NDArray[np.floating]] = {}
    for row, length in enumerate(LENGTHS):
        alone, found = evaluate(cut_out(problem, row, length), gradients=True)
        assert found is not None
        assert gradients is not None
        for name, array in {**alone, **{n: found[n] for n in problem.inputs}}.items():
            whole = (outputs if name in outputs else gradients)[name][:, row : row + 1]
            valid = whole[:length] if name in ("x", "y") else whole
            np.testing.assert_allclose(valid, array, atol=1e-12)
            assert name not in ("x", "y") or not whole[length:].any()
        for name in problem.parameters:
            total[name] = total.get(name, 0) + found[name]
    assert gradients is not None
    for name, array in total.items():
        np.testing.assert_allclose(gradients[name], array, atol=1e-12)


def cut_out(problem: Problem, row: int, length: int) -> Problem:
    """One sequence of a batch, up to its end."""

    def of(arrays: Mapping[str, NDArray[np.floating]]) -> dict[str, NDArray[np.floating]]:
        return {
            name: array[: length if name in ("x", "dy") else None, row : row + 1]
            for name, array in arrays.items()
        }

    return replace(
        problem,
        shape=replace(problem.shape, seq_len=length, batch_size=1),
        inputs=of(problem.inputs),
        upstream=of(problem.upstream),
        lengths=(),
    )


def test_what_lies_beyond_the_end_of_a_sequence_changes_nothing():
    problem = problem_of("lstm", bidirectional=True, layers=2)
    expected = evaluate(problem, gradients=True)
    for row, length in enumerate(LENGTHS):
        problem.inputs["x"][length:, row] = np.nan
        problem.upstream["dy"][length:, row] = np.nan
    found = evaluate(problem, gradients=True)
    for got, want in zip(found, expected, strict=True):
        assert got is not None
        assert want is not None
        for name, array in want.items():
            np.testing.assert_array_equal(got[name], array)


def test_full_lengths_are_the_plain_batch():
    shape = Shape(5, 3, 4, 6, 2, True)
    for cell in CELLS.values():
        plain = make_problem(cell, shape, dtype="float64")
        ragged = make_problem(cell, shape, dtype="float64", lengths=(5, 5, 5))
        for got, want in zip(evaluate(ragged, True), evaluate(plain, True), strict=True):
            assert got is not None
            assert want is not None
            for name, array in want.items():
                np.testing.assert_allclose(got[name], array, atol=1e-14)


def test_lengths_that_no_batch_has_are_refused():
    for lengths in ((1, 2), (1, 2, 6), (0, 1, 2)):
        with pytest.raises(ValueError, match="lengths: expected 3 of 1 to 5"):
            make_problem(CELLS["gru"], Shape(5, 3, 4, 6), lengths=lengths)
