"""Calls of one layer on streams that are carried out late: each sees what it was called with.

On a device, nothing makes a stream of a caller wait for what the host does meanwhile, nor for
another stream.  Here a stream does nothing at all until somebody waits for it.
"""

import numpy as np
import pytest

pytest.importorskip("greenlet")

from lstmbench_kernels import LSTM
from lstmbench_kernels.cuda import simulator
from lstmbench_kernels.cuda.arrays import DeviceArray, to_device
from lstmbench_kernels.cuda.network import WORKSPACES_KEPT
from lstmbench_kernels.cuda.order import AHEAD
from lstmbench_kernels.cuda.simulator import Stream

I, H = 2, 3
RUNGS = ("graph", "persistent")
every_rung = pytest.mark.parametrize("algorithm", RUNGS)


def some(*dims: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(dims).astype(np.float32)


def on_device(*arrays: np.ndarray) -> list[DeviceArray]:
    """Before any call is made: a copy waits for all streams."""
    return [to_device(array) for array in arrays]


def net(seed: int = 0, **options) -> LSTM:
    return LSTM(I, H, device="cuda", seed=seed, **options)


def expected(x: np.ndarray, seed: int = 0, lengths=None) -> np.ndarray:
    y, _ = LSTM(I, H, seed=seed).forward(x, lengths=lengths)
    return y


def assert_results(*pairs) -> None:
    for got, wanted in pairs:
        np.testing.assert_allclose(got.to_host(), wanted, atol=1e-6)


@every_rung
def test_other_arrays_of_the_same_shape(algorithm: str) -> None:
    layer, stream = net(algorithm=algorithm), Stream()
    x = some(2, 2, I), some(2, 2, I, seed=1)
    out = [layer.forward(each, stream=stream)[0] for each in on_device(*x)]
    stream.run()
    assert_results((out[0], expected(x[0])), (out[1], expected(x[1])))


@every_rung
def test_weights_loaded_between_two_calls(algorithm: str) -> None:
    layer, stream, x = net(1, algorithm=algorithm), Stream(), some(2, 2, I)
    there, out = to_device(x), []
    for seed in (1, 2):
        layer.load_state_dict(LSTM(I, H, seed=seed).state_dict())
        out.append(layer.forward(there, stream=stream)[0])
    stream.run()
    assert_results((out[0], expected(x, 1)), (out[1], expected(x, 2)))


def test_weights_loaded_reach_the_same_call_again() -> None:
    layer, stream, x = net(1), Stream(), some(2, 2, I)
    there = to_device(x)
    states = DeviceArray((1, 2, H), "float32"), DeviceArray((1, 2, H), "float32")
    out = DeviceArray((2, 2, H), "float32"), states
    layer.forward(there, out=out, stream=stream)
    layer.load_state_dict(LSTM(I, H, seed=2).state_dict())
    layer.forward(there, out=out, stream=stream)
    stream.run()
    assert_results((out[0], expected(x, 2)))


def test_other_lengths_between_two_calls() -> None:
    layer, stream, x = net(), Stream(), some(3, 2, I)
    there, every = to_device(x), ([3, 1], [1, 2], None)
    out = [layer.forward(there, lengths=lengths, stream=stream)[0] for lengths in every]
    stream.run()
    assert_results(
        *((y, expected(x, lengths=lengths)) for y, lengths in zip(out, every, strict=True))
    )


@every_rung
def test_calls_on_two_streams_run_one_behind_the_other(algorithm: str) -> None:
    layer, streams = net(algorithm=algorithm), (Stream(), Stream())
    x = [some(2, 2, I, seed=seed) for seed in range(4)]
    out = [layer.forward(each, stream=streams[n % 2])[0] for n, each in enumerate(on_device(*x))]
    streams[1].run()  # the last call is there: all before it were carried out
    assert not streams[0].queue
    assert_results(*((y, expected(each)) for y, each in zip(out, x, strict=True)))


def trained(x: np.ndarray, dy: np.ndarray) -> dict[str, np.ndarray]:
    layer = LSTM(I, H)
    layer.forward(x, training=True)
    return layer.backward(dy)


def test_backward_on_another_stream_than_forward() -> None:
    x, dy = some(2, 2, I), some(2, 2, H, seed=1)
    layer, one, other = net(), Stream(), Stream()
    there = on_device(x, dy)
    layer.forward(there[0], training=True, stream=one)
    found = layer.backward(there[1], stream=other)
    other.run()
    for name, gradient in trained(x, dy).items():
        np.testing.assert_allclose(found[name].to_host(), gradient, atol=1e-5, err_msg=name)


def test_buffers_of_a_shape_that_gives_way_are_kept_until_they_are_done_with() -> None:
    layer, stream = net(), Stream()
    x = [some(2, batch, I, seed=batch) for batch in range(1, WORKSPACES_KEPT + 3)]
    out = [layer.forward(each, stream=stream)[0] for each in on_device(*x)]
    stream.run()
    assert_results(*((y, expected(each)) for y, each in zip(out, x, strict=True)))


def test_backward_after_its_shape_has_given_way() -> None:
    x, dy = some(2, 2, I), some(2, 2, H, seed=1)
    layer, stream = net(), Stream()
    there = on_device(x, dy, *(some(1, batch, I) for batch in range(3, WORKSPACES_KEPT + 3)))
    layer.forward(there[0], training=True, stream=stream)
    for other in there[2:]:
        layer.forward(other, stream=stream)
    stream.run()
    found = layer.backward(there[1], stream=stream)
    layer.forward(there[0], training=True, stream=stream)
    stream.run()
    for name, gradient in trained(x, dy).items():
        np.testing.assert_allclose(found[name].to_host(), gradient, atol=1e-5, err_msg=name)


def test_a_host_array_is_read_where_it_was_copied_to() -> None:
    """The copy lives as long as the call needs it, and may then go."""
    layer, stream, x = net(), Stream(), some(2, 2, I)
    states = DeviceArray((1, 2, H), "float32"), DeviceArray((1, 2, H), "float32")
    y = DeviceArray((2, 2, H), "float32")
    other = to_device(some(2, 2, I, seed=1))
    layer.forward(x.copy(), out=(y, states), stream=stream)
    layer.forward(other, stream=stream)
    stream.run()
    assert_results((y, expected(x)))


def test_nothing_that_a_call_needs_is_left_to_the_default_stream(monkeypatch) -> None:
    """Zeros, weights and records: the default stream may come last."""
    default = Stream()
    x = some(2, 2, I)
    there = to_device(x)
    monkeypatch.setattr(simulator, "DEFAULT", default)
    layer, stream = net(algorithm="persistent"), Stream()
    y, _ = layer.forward(there, stream=stream)
    stream.run()
    found = np.empty_like(expected(x))
    simulator.download(found, y.address, stream)
    np.testing.assert_allclose(found, expected(x), atol=1e-6)


@every_rung
def test_the_same_call_again_is_its_launches_and_nothing_else(algorithm: str) -> None:
    layer, stream = net(algorithm=algorithm), Stream()
    x = to_device(some(2, 2, I))
    states = DeviceArray((1, 2, H), "float32"), DeviceArray((1, 2, H), "float32")
    out = DeviceArray((2, 2, H), "float32"), states
    for _ in range(2):
        layer.forward(x, out=out, stream=stream)
    stream.run()
    allocated = simulator.HEAP._next
    for _ in range(3):
        layer.forward(x, out=out, stream=stream)
    # The input's part, then one launch, or one for the initial state and each step.
    assert len(stream.queue) == 3 * (2 if algorithm == "persistent" else 1 + 3)
    assert simulator.HEAP._next == allocated


def test_the_host_is_not_further_ahead_than_it_may_be() -> None:
    layer, stream = net(), Stream()
    x, batch = to_device(some(1, 1, I)), 4 * AHEAD
    out = [layer.forward(x, stream=stream)[0] for _ in range(batch)]
    assert len(layer._network.order._in_use) == AHEAD
    stream.run()
    layer.forward(x, stream=stream)
    assert len(layer._network.order._in_use) == 1
    stream.run()
    assert_results((out[0], out[-1].to_host()))
