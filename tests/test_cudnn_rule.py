"""PyTorch's rule for cuDNN's algorithms, against cases read off its source by hand."""

import pytest
from conftest import a_workload

from lstmbench.backends.cudnn_rule import algorithm, goes_to_cudnn

HOPPER, AMPERE, A10, TURING, VOLTA, PASCAL, MAXWELL = (
    ((9, 0), 132), ((8, 0), 108), ((8, 6), 72), ((7, 5), 72), ((7, 0), 80), ((6, 0), 56),
    ((5, 2), 24),
)  # fmt: skip
SMALL, STATIC, STANDARD = "persistent (static, small H)", "persistent (static)", "standard"


def asked(device, *, forward=True, **given):
    sizes = {"seq_len": 100, "batch_size": 16, "input_size": 768, "hidden_size": 768}
    return algorithm(a_workload(**{**sizes, **given}), *device, forward=forward)


@pytest.mark.parametrize(
    ("cell", "forward", "largest"),
    [
        ("lstm", True, 192),
        ("gru", True, 192),
        ("rnn-tanh", True, 384),
        ("rnn-relu", True, 384),
        ("lstm", False, 128),
        ("gru", False, 128),
        ("rnn-tanh", False, 256),
        ("rnn-relu", False, 256),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "tf32", "float16", "bfloat16"])
def test_small_hidden_sizes_have_kernels_of_their_own(cell, forward, largest, dtype):
    given = {"cell": cell, "forward": forward, "dtype": dtype, "input_size": 5}

    assert asked(HOPPER, hidden_size=largest, **given) == SMALL
    assert asked(HOPPER, hidden_size=largest + 1, **given) == STANDARD


@pytest.mark.parametrize(("device", "found"), [(PASCAL, SMALL), (MAXWELL, STANDARD)])
def test_small_kernels_begin_with_pascal(device, found):
    assert asked(device, hidden_size=64) == found


def test_layers_and_directions_do_not_matter_to_the_small_kernels():
    assert asked(HOPPER, hidden_size=64, num_layers=3, bidirectional=True) == SMALL


@pytest.mark.parametrize("hidden_size", [64, 768])
def test_float64_is_always_the_standard_algorithm(hidden_size):
    assert asked(HOPPER, dtype="float64", hidden_size=hidden_size) == STANDARD


@pytest.mark.parametrize("dtype", ["float32", "tf32", "bfloat16"])
def test_above_the_small_sizes_float16_alone_persists(dtype):
    assert asked(HOPPER, dtype="float16") == STATIC
    assert asked(HOPPER, dtype=dtype) == STANDARD


@pytest.mark.parametrize(
    "given",
    [
        {"num_layers": 2},
        {"bidirectional": True},
        {"hidden_size": 1152},
        {"hidden_size": 800},
        {"input_size": 100},
        {"batch_size": 15},
        {"batch_size": 136},
        {"cell": "gru"},
    ],
)
@pytest.mark.parametrize("device", [HOPPER, AMPERE])
def test_what_keeps_float16_from_persisting(device, given):
    assert asked(device, dtype="float16") == STATIC
    assert asked(device, dtype="float16", **given) == STANDARD


@pytest.mark.parametrize(
    ("device", "found"), [(A10, STANDARD), (TURING, STANDARD), (PASCAL, STANDARD)]
)
def test_devices_that_are_excluded(device, found):
    assert asked(device, dtype="float16") == found


def test_a_device_with_few_multiprocessors_is_excluded():
    assert asked(((8, 0), 97), dtype="float16") == STANDARD
    assert asked(((8, 0), 98), dtype="float16") == STATIC


@pytest.mark.parametrize(
    ("batch_size", "hidden_size", "found"),
    [(88, 896, STATIC), (96, 768, STATIC), (96, 896, STANDARD), (128, 1024, STANDARD)],
)
def test_plain_cells_do_not_persist_when_both_are_large(batch_size, hidden_size, found):
    given = {"batch_size": batch_size, "hidden_size": hidden_size, "dtype": "float16"}

    assert asked(HOPPER, cell="rnn-tanh", **given) == found
    assert asked(HOPPER, cell="lstm", **given) == STATIC


@pytest.mark.parametrize(
    ("seq_len", "batch_size", "found"),
    [
        (40, 128, STATIC),
        (39, 128, STANDARD),
        (20, 96, STATIC),
        (19, 96, STANDARD),
        (10, 32, STATIC),
        (9, 32, STANDARD),
        (40, 80, STANDARD),
        (40, 112, STANDARD),
        (40, 24, STANDARD),
        (40, 8, STATIC),
        (40, 144, STANDARD),
    ],
)
def test_volta_has_a_table_of_its_own(seq_len, batch_size, found):
    given = {"seq_len": seq_len, "batch_size": batch_size, "dtype": "float16"}

    assert asked(VOLTA, **given) == found
    assert asked(VOLTA, cell="gru", **given) == found


@pytest.mark.parametrize(
    ("device", "version", "found"),
    [(HOPPER, 91300, True), (AMPERE, 92000, True), (HOPPER, 91200, False), (VOLTA, 91300, False)],
)
def test_bfloat16_goes_to_a_late_cudnn_on_ampere_and_after(device, version, found):
    assert goes_to_cudnn("bfloat16", device[0], version) is found
    assert all(goes_to_cudnn(d, device[0], version) for d in ("float32", "tf32", "float16"))


def test_packed_sequences_are_never_persistent():
    given = {"seq_len": 40, "batch_size": 2, "hidden_size": 128}

    assert asked(HOPPER, **given) == SMALL
    assert asked(HOPPER, lengths="uniform", steps=(40, 40), **given) == STANDARD
