"""What a layer of a cell takes beside a plain RNN: as many times as it has gates."""

import pytest

from lstmbench.counts import counts
from lstmbench.workload import CELL_NAMES


@pytest.mark.parametrize("sizes", [(1, 32), (64, 64), (300, 7)])
@pytest.mark.parametrize(
    ("cell", "times"),
    [("rnn-tanh", 1), ("rnn-relu", 1), ("gru", 3), ("lstm", 4), ("gru-bi", 6), ("lstm-bi", 8)],
)
def test_a_cell_takes_as_many_times_a_plain_one_as_it_has_gates_and_directions(cell, times, sizes):
    found = counts(cell, input_size=sizes[0], hidden_size=sizes[1])

    assert found.parameters_ratio == found.multiply_adds_ratio == times
    assert found.gates * found.directions == times


def test_a_person_reads_it_in_the_list_of_cells(tool):
    code, out, err = tool("list", "cells")

    assert (code, err, len(out.splitlines())) == (0, "", len(CELL_NAMES))
    assert "lstm         4 gates, parameters 4x, multiply-adds 4x of rnn-tanh (33280 and" in out
    assert "gru-bi       3 gates in 2 directions, parameters 6x, multiply-adds 6x" in out
    assert "rnn-tanh     1 gate, parameters 1x" in out
