"""A workload has one id, a cost that can be checked by hand, and axes that a person can type."""

import tracemalloc
from dataclasses import replace

import pytest
from conftest import a_workload
from hypothesis import given
from hypothesis import strategies as st

from lstmbench.correctness.verify import Oracle
from lstmbench.data import load_sunspots
from lstmbench.errors import UsageError
from lstmbench.running.worker import problem_of
from lstmbench.workload import (
    CELL_NAMES,
    DTYPES,
    MAX_SIZE,
    MODES,
    SUNSPOT_YEARS,
    Workload,
    flops,
    memory_bytes,
    parse_axis,
    parse_id,
    split_cell_name,
)
from lstmbench_kernels.spec import CELLS

SIZES = st.integers(1, MAX_SIZE)
WORKLOADS = st.builds(
    Workload,
    cell=st.sampled_from(sorted(CELLS)),
    mode=st.sampled_from(MODES),
    seq_len=SIZES,
    batch_size=SIZES,
    input_size=SIZES,
    hidden_size=SIZES,
    bidirectional=st.booleans(),
    num_layers=SIZES,
    bias=st.booleans(),
    dtype=st.sampled_from(DTYPES),
)


# --- ids


def test_the_id_is_the_one_that_is_promised():
    workload = Workload("lstm", "train", 128, 32, 64, 256, bidirectional=True)

    assert workload.id == "lstm-bi/train/T128-B32-I64-H256-L1/float32"


@given(WORKLOADS)
def test_an_id_parses_back_to_its_workload(workload):
    assert parse_id(workload.id) == workload


@given(WORKLOADS, WORKLOADS)
def test_different_workloads_have_different_ids(one, other):
    assert (one == other) == (one.id == other.id)


@given(st.text(max_size=60))
def test_any_other_text_is_a_usage_error(text):
    with pytest.raises(UsageError):
        parse_id(text)


@pytest.mark.parametrize(
    "row_id",
    [
        "",
        "lstm/train/T1-B1-I1-H1-L1",
        "lstm/train/T1-B1-I1-H1-L1/float32 ",
        "lstm/train/T1-B1-I1-H1-L1/float32\n",
        "lstm/train/T1-B1-I1-H1/float32",
        "lstm/train/B1-T1-I1-H1-L1/float32",
        "lstm/train/T-1-B1-I1-H1-L1/float32",
        "lstm/train/T01-B1-I1-H1-L1/float32",
        "lstm/train/T٣-B1-I1-H1-L1/float32",
        "LSTM/train/T1-B1-I1-H1-L1/float32",
        "lstm/train/T" + "9" * 5000 + "-B1-I1-H1-L1/float32",
    ],
)
def test_an_id_that_no_workload_makes_is_refused_with_an_example(row_id):
    with pytest.raises(UsageError, match="such as lstm-bi/train/T128-B32-I64-H256-L1/float32"):
        parse_id(row_id)


@pytest.mark.parametrize(
    ("row_id", "message"),
    [
        ("lsmt/train/T1-B1-I1-H1-L1/float32", "cell: unknown 'lsmt'; did you mean 'lstm'"),
        ("lstm/trian/T1-B1-I1-H1-L1/float32", "mode: unknown 'trian'; did you mean 'train'"),
        ("lstm/train/T1-B1-I1-H1-L1/float23", "dtype: unknown 'float23'; did you mean 'float32'"),
        ("lstm/train/T0-B1-I1-H1-L1/float32", "seq_len: expected 1 to 2147483647, got 0"),
    ],
)
def test_an_id_with_a_wrong_part_says_which(row_id, message):
    with pytest.raises(UsageError, match=message):
        parse_id(row_id)


def test_every_cell_name_splits_into_cell_and_direction():
    assert {split_cell_name(name) for name in CELL_NAMES} == {
        (cell, bidirectional) for cell in CELLS for bidirectional in (False, True)
    }


# --- impossible workloads


@pytest.mark.parametrize(
    "what", ["seq_len", "batch_size", "input_size", "hidden_size", "num_layers"]
)
@pytest.mark.parametrize("size", [0, -1, MAX_SIZE + 1])
def test_an_impossible_size_is_named_with_what_was_expected(what, size):
    with pytest.raises(UsageError, match=f"^{what}: expected 1 to {MAX_SIZE}, got {size}$"):
        a_workload(**{what: size})


def test_sunspots_are_one_number_a_step():
    with pytest.raises(UsageError, match="needs input_size 1, got 4"):
        a_workload(data="sunspots", input_size=4)


def test_the_length_of_the_sunspot_series_is_that_of_its_file():
    assert len(load_sunspots()) == SUNSPOT_YEARS


def test_a_window_cannot_be_longer_than_the_sunspot_series():
    assert a_workload(data="sunspots", input_size=1, seq_len=309).seq_len == 309
    with pytest.raises(UsageError, match=r"309 years.*seq_len 310"):
        a_workload(data="sunspots", input_size=1, seq_len=310)


# --- what it costs


@pytest.mark.parametrize(
    ("given_", "forward"),
    [
        # 2 · 4·5 · (4+5) · 2 rows · 3 steps
        ({"cell": "lstm"}, 2160),
        ({"cell": "gru"}, 1620),
        ({"cell": "rnn-relu"}, 540),
        # two directions
        ({"cell": "lstm", "bidirectional": True}, 4320),
        # the second layer reads 5, or 2 · 5 = 10: 2 · 20 · 10 · 6, 2 · 20 · 15 · 6 · 2
        ({"cell": "lstm", "num_layers": 2}, 2160 + 2400),
        ({"cell": "lstm", "num_layers": 2, "bidirectional": True}, 4320 + 7200),
        # a bias is not a product
        ({"cell": "lstm", "bias": False}, 2160),
        ({"cell": "lstm", "dtype": "float64"}, 2160),
    ],
)
def test_flops_are_those_of_the_matrix_products(given_, forward):
    workload = a_workload(**given_)

    assert flops(workload) == flops(replace(workload, mode="forward")) == forward
    assert flops(replace(workload, mode="backward")) == 2 * forward
    assert flops(replace(workload, mode="train")) == 3 * forward


def test_memory_of_an_inference_row_is_what_counting_its_arrays_gives():
    named = (3 * 2 * 4 + 2 * 10) + (20 * 4 + 20 * 5 + 20 + 20) + (3 * 2 * 5 + 2 * 10)
    a_step_and_row = 20 + 20 + 2 * 5  # projected input, gates, h and c

    elements = named + 3 * 2 * a_step_and_row

    assert memory_bytes(a_workload()) == elements * (4 + 4 + 8)
    assert memory_bytes(a_workload(dtype="float64")) == elements * (8 + 8 + 8)
    assert memory_bytes(a_workload(dtype="float16")) == elements * (2 + 4 + 8)
    assert memory_bytes(a_workload(dtype="tf32")) == memory_bytes(a_workload())


def test_memory_of_a_training_row_adds_upstream_and_gradients():
    added = (3 * 2 * 5 + 2 * 10) + (3 * 2 * 4 + 2 * 10) + (20 * 4 + 20 * 5 + 20 + 20)

    grown = memory_bytes(a_workload(mode="train")) - memory_bytes(a_workload())

    assert grown == added * 16


@pytest.mark.parametrize("cell", sorted(CELLS))
@pytest.mark.parametrize("mode", ["infer", "train"])
@pytest.mark.parametrize("layers", [1, 3])
def test_the_oracle_stays_within_the_estimate_and_needs_a_good_part_of_it(cell, mode, layers):
    workload = Workload(cell, mode, 40, 16, 24, 32, num_layers=layers, bidirectional=True)

    tracemalloc.start()
    problem = problem_of(workload)
    Oracle.of(problem, gradients=workload.has_gradients)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert memory_bytes(workload) / 5 < peak < memory_bytes(workload)


def test_the_estimate_of_the_largest_sizes_is_a_number():
    sizes = dict.fromkeys(("seq_len", "batch_size", "input_size", "hidden_size"), MAX_SIZE)

    assert memory_bytes(a_workload(**sizes)) > 2**90


# --- axes


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("32", (32,)),
        ("32,64,128", (32, 64, 128)),
        (" 32 , 64 ", (32, 64)),
        ("1:64:x2", (1, 2, 4, 8, 16, 32, 64)),
        ("1:63:x2", (1, 2, 4, 8, 16, 32)),
        ("3:30:x3", (3, 9, 27)),
        ("10:50:20", (10, 30, 50)),
        ("10:49:20", (10, 30)),
        ("4:6", (4, 5, 6)),
        ("7:7", (7,)),
        ("8,1:4:x2,8", (8, 1, 2, 4)),
        ("2147483647", (MAX_SIZE,)),
    ],
)
def test_an_axis_takes_lists_and_ranges(text, sizes):
    assert parse_axis("seq_len", text) == sizes


@pytest.mark.parametrize(
    "text",
    [
        "",
        ",",
        "1,",
        "a",
        "1.5",
        "-1",
        "1:2:3:4",
        "1:",
        ":2",
        "1:2:x",
        "1:2:y2",
        "٣",
        "1e3",
        "9" * 5000,
    ],
)
def test_an_axis_that_is_not_one_is_refused_with_an_example(text):
    with pytest.raises(UsageError, match="seq_len: expected sizes such as 32,64"):
        parse_axis("seq_len", text)


@pytest.mark.parametrize("text", ["0", "0:4", "1:2147483648", "2147483648"])
def test_an_axis_outside_of_what_is_possible_is_refused(text):
    with pytest.raises(UsageError, match="seq_len: expected sizes from 1 to 2147483647"):
        parse_axis("seq_len", text)


@pytest.mark.parametrize("text", ["5:3", "1:64:x1", "1:64:x0", "1:64:0"])
def test_a_range_that_never_ends_is_refused(text):
    with pytest.raises(UsageError, match="never reaches its end"):
        parse_axis("seq_len", text)


def test_a_range_has_at_most_a_thousand_sizes():
    assert len(parse_axis("seq_len", "1:1000")) == 1000
    with pytest.raises(UsageError, match="more than 1000 sizes"):
        parse_axis("seq_len", "1:1001")


@given(st.lists(SIZES, min_size=1, max_size=20))
def test_a_written_list_is_read_back_without_doubles(sizes):
    assert parse_axis("x", ",".join(map(str, sizes))) == tuple(dict.fromkeys(sizes))


@given(st.text(alphabet="0123456789:x, -", max_size=20))
def test_no_text_breaks_the_grammar_of_axes(text):
    try:
        sizes = parse_axis("x", text)
    except UsageError:
        return
    assert sizes
    assert all(1 <= size <= MAX_SIZE for size in sizes)


def test_lengths_are_said_beside_the_id_and_only_valid_steps_count():
    ragged = a_workload(seq_len=8, batch_size=3, lengths="uniform", steps=(8, 1, 3))
    full = a_workload(seq_len=8, batch_size=3)
    assert ragged.id == full.id
    assert (ragged.remarks, full.remarks) == (("lengths uniform",), ())
    assert (ragged.valid_steps, full.valid_steps) == (12, 24)
    assert flops(ragged) * 2 == flops(full)


@pytest.mark.parametrize("steps", [(), (8, 1), (8, 1, 9), (8, 0, 1)])
def test_lengths_are_one_for_each_sequence_within_the_longest(steps: tuple[int, ...]):
    with pytest.raises(UsageError, match="steps: expected"):
        a_workload(seq_len=8, batch_size=3, lengths="uniform", steps=steps)
    with pytest.raises(UsageError, match="steps: expected none where lengths is full"):
        a_workload(seq_len=8, batch_size=3, steps=(8, 1, 3))
