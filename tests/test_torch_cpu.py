"""What the adapter of PyTorch on the CPU says of its arithmetic is what PyTorch is set to."""

import pytest

torch = pytest.importorskip("torch")

from lstmbench.backends.torch_cpu import arithmetic  # noqa: E402  it imports torch

pytestmark = pytest.mark.peer


@pytest.fixture
def settings():
    """oneDNN's setting for its cells and for single products, put back afterwards."""
    places = (torch.backends.mkldnn.rnn, torch.backends.mkldnn.matmul)
    before = [place.fp32_precision for place in places]
    yield places
    for place, precision in zip(places, before, strict=True):
        place.fp32_precision = precision


@pytest.mark.parametrize(
    ("rnn", "matmul", "multiplied"),
    [
        ("ieee", "ieee", "float32"),
        ("bf16", "ieee", "bfloat16"),
        ("ieee", "tf32", "tf32"),
        ("tf32", "bf16", "bfloat16"),
    ],
)
def test_the_lowest_precision_that_onednn_may_use_is_said(settings, rnn, matmul, multiplied):
    settings[0].fp32_precision, settings[1].fp32_precision = rnn, matmul

    how = f"oneDNN's fp32_precision is rnn {rnn}, matmul {matmul}"
    assert arithmetic("float32") == f"{multiplied}: {how}"
    assert arithmetic("float64") == f"float64: {how}"
