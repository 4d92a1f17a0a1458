"""What is checked on the driver of ``emulator/driver.py``: numba-cuda's host side, with no GPU.

    python tests/cuda_driver.py NAME...      one JSON line for each check

A process of its own: the other tests run kernels in the simulator.  Kernels are not carried out
here but for two made for it, which Python plays by their names.
"""

import ctypes
import json
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from emulator.driver import Driver, Launch, install

CHECKS: dict[str, Callable[[Driver], None]] = {}
BROKEN: dict[str, Callable[[Driver], None]] = {}  # what leaves a device that is of no more use


def check(function: Callable[[Driver], None]) -> Callable[[Driver], None]:
    CHECKS[function.__name__] = function
    return function


def breaks(function: Callable[[Driver], None]) -> Callable[[Driver], None]:
    BROKEN[function.__name__] = function
    return function


# Kernels, of which Python plays these two


def doubled(address, count):
    pass


def failing(address):
    pass


def array_at(address: int, count: int) -> np.ndarray:
    return np.frombuffer((ctypes.c_int64 * count).from_address(address), np.int64)


def execute(launch: Launch) -> None:
    if "doubled" in launch.function:
        array_at(*launch.parameters)[:] *= 2
    if "failing" in launch.function:
        raise ArithmeticError("the kernel did what it must not")


@contextmanager
def refused(driver: Driver, words: str) -> Iterator[None]:
    """Something that the driver must not do."""
    with pytest.raises(Exception) as raised:  # noqa: PT011  each library has its own
        yield
    assert driver.refused, raised.value
    assert words in driver.refused.pop()


def kernel(function: Any, threads: int = 256) -> Any:
    from lstmbench_kernels.cuda import launch

    if function not in _KERNELS:
        _KERNELS[function] = launch.kernel(function, threads)
    return _KERNELS[function]


_KERNELS: dict[Any, Any] = {}


def numbers(*values: int) -> Any:
    """Words on the device."""
    from lstmbench_kernels.cuda import launch

    buffer = launch.allocate(8 * len(values))
    launch.upload(buffer.address, np.array(values), None)
    return buffer


def back(buffer: Any, stream: Any = None) -> list[int]:
    from lstmbench_kernels.cuda import launch

    found = np.zeros(buffer.nbytes // 8, np.int64)
    launch.download(found, buffer.address, stream)
    return found.tolist()


def double(buffer: Any, stream: Any = 0) -> None:
    """Each of its words, by a launch."""
    kernel(doubled).launch((1, 1, 1), 1, 0, stream, buffer.address, buffer.nbytes // 8)


def non_blocking() -> Any:
    """A stream that the default stream does not wait for, as PyTorch's are."""
    from cuda.core import Device

    device = Device(0)
    device.set_current()
    return device.create_stream()


# The device


@check
def a_device_is_there(_driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch
    from lstmbench_kernels.cuda.limits import Limits

    assert launch.unavailable() is None
    assert launch.device_facts() == {
        "name": "NVIDIA H200, emulated",
        "compute_capability": "9.0",
        "multiprocessors": 132,
        "memory_bytes": 141 * 10**9,
        "uuid": "GPU-00010203-0405-0607-0809-0a0b0c0d0e0f",
        "driver": "13.0",
    }
    assert launch.limits() == Limits(multiprocessors=132, shared_bytes=227 * 1024)


# Memory


@check
def memory_is_not_a_number_until_it_is_written(_driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch

    found = np.zeros(3, np.float32)
    launch.download(found, launch.allocate(12).address, None)
    assert np.isnan(found).all()
    launch.download(found, launch.allocate(12, zero=True).address, None)
    assert not found.any()


@check
def zeros_are_there_on_every_stream(_driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch

    stream, buffer = non_blocking(), launch.allocate(8, zero=True)
    double(buffer, stream)
    launch.synchronize(stream)
    assert array_at(buffer.address, 1) == [0]


@check
def arrays_go_there_and_back(_driver: Driver) -> None:
    buffer = numbers(1, 2, 3)
    assert back(buffer) == [1, 2, 3]
    buffer.clear()
    assert back(buffer) == [0, 0, 0]


@check
def an_array_may_be_changed_once_it_is_uploaded(_driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch

    stream = launch.cuda.stream()
    buffer, array = launch.allocate(16), np.array([1, 2])
    for onto in (None, 0, stream, non_blocking()):
        array[:] = 1, 2
        launch.upload(buffer.address, array, onto)
        array[:] = 3
        assert back(buffer, onto) == [1, 2]


@check
def memory_given_back_is_no_memory(driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch

    buffer = launch.allocate(100)
    address = buffer.address
    assert driver.heap.find(address + 99) == (address, 100)
    del buffer
    launch.cuda.current_context().memory_manager.deallocations.clear()
    with pytest.raises(LookupError, match="0 bytes from the start of 100 freed ones"):
        driver.heap.find(address)
    with refused(driver, "freed ones"):
        launch.upload(address, np.zeros(1), None)
    with refused(driver, "go beyond the 8 allocated"):
        launch.upload(numbers(1).address, np.zeros(2), None)
    with refused(driver, "free of"):
        launch.driver.cuMemFree(address)


# Launches


@check
def a_launch_is_what_was_asked_for(driver: Driver) -> None:
    buffer, before = numbers(3, 4), len(driver.launches)
    kernel(doubled).launch((1, 1, 1), 32, 64, 0, buffer.address, 2)
    assert back(buffer) == [6, 8]
    (found,) = driver.launches[before:]
    assert "doubled" in found.function
    assert found.image[:4] == b"\x7fELF"
    assert (found.grid, found.block) == ((1, 1, 1), (32, 1, 1))
    assert (found.shared_bytes, found.cooperative) == (64, False)
    assert found.parameters == (buffer.address, 2)


@check
def whole_numbers_of_64_bits_arrive(driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch

    def told(_a, _b, _c):
        pass

    given = -1, 2**62 + 1, -(2**63)
    kernel(told).launch((3, 2, 5), 7, 0, 0, *given)
    launch.synchronize()
    assert driver.launches[-1].parameters == given
    assert driver.launches[-1].grid == (3, 2, 5)


@check
def nothing_runs_before_somebody_waits(driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch

    before, buffer = len(driver.launches), numbers(1)
    stream = launch.cuda.stream()
    for onto in (0, stream):
        double(buffer, onto)
        assert len(driver.launches) == before
        launch.synchronize(onto)
        before += 1
        assert len(driver.launches) == before
    assert back(buffer) == [4]


@check
def large_shared_memory_is_allowed_before_the_launch(driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch

    def large(_address):
        pass

    def too_large(_address):
        pass

    most = launch.limits().shared_bytes
    for shared_bytes in (100 * 1024, 60 * 1024, most):
        kernel(large).launch((1, 1, 1), 32, shared_bytes, 0, 0)
        launch.synchronize()
        assert driver.launches[-1].shared_bytes == shared_bytes
    assert driver.calls.count("cuKernelSetAttribute") == 2
    with refused(driver, f"{most + 1} bytes of shared memory, of {most} at most"):
        kernel(too_large).launch((1, 1, 1), 32, most + 1, 0, 0)
    # What the driver says of a launch without the attribute.
    with refused(driver, f"{48 * 1024 + 1} bytes of dynamic shared memory, of {48 * 1024}"):
        kernel(too_large)._dispatcher[1, 32, 0, 48 * 1024 + 1](0)


@check
def launches_that_cannot_be_are_refused(driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch

    for grid, threads, words in (
        ((1, 70000, 1), 32, "grid of (1, 70000, 1)"),
        ((1, 1, 1), 2048, "block of (2048, 1, 1)"),
        ((1, 1, 1), 512, "512 threads in a block, of 256"),
    ):
        with refused(driver, words):
            kernel(doubled).launch(grid, threads, 0, 0, 0, 0)
    launch.synchronize()


@check
def blocks_that_wait_for_each_other_must_fit(driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch, ops

    cooperative = ops.cooperative

    def together(_address):
        cooperative()

    # Two of 100 KiB fit on a multiprocessor, of which there are 132.
    kernel(together).launch((132, 2, 1), 256, 100 * 1024, 0, 0)
    launch.synchronize()
    assert driver.launches[-1].cooperative
    # cuda.core asks the driver how many fit.
    with pytest.raises(ValueError, match=r"exceeds the limit \(264\)"):
        kernel(together).launch((265, 1, 1), 256, 100 * 1024, 0, 0)


@check
def code_for_another_device_is_refused(driver: Driver) -> None:
    from cuda.core import Linker, LinkerOptions, ObjectCode

    from lstmbench_kernels.cuda import launch

    signature = kernel(failing).signature
    code, _ = launch.cuda.compile(
        failing, signature, cc=(8, 0), device=False, abi="numba", output="ltoir"
    )
    for architecture in ("sm_80", "sm_100"):
        chosen = LinkerOptions(arch=architecture, link_time_optimization=True)
        binary = Linker(ObjectCode.from_ltoir(code), options=chosen).link("cubin")
        with refused(driver, "CUDA_ERROR_NO_BINARY_FOR_GPU"):
            binary.get_kernel("failing")


# Streams


@check
def streams_of_every_library_are_taken(_driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch

    made = [non_blocking(), launch.cuda.stream()]
    handle = int(made[0].handle)
    given = [
        None,
        0,
        handle,
        SimpleNamespace(cuda_stream=handle),  # of PyTorch
        SimpleNamespace(cuda_stream=0),
        SimpleNamespace(ptr=handle),  # of CuPy
        *made,
    ]
    for each in given:
        stream, buffer = launch.as_stream(each), launch.allocate(8)
        launch.upload(buffer.address, np.array([5]), stream)
        start = launch.record(stream)
        double(buffer, stream)
        end = launch.record(stream)
        assert back(buffer, stream) == [10]
        assert launch.elapsed(start, end) > 0
    assert launch.as_stream(None) == 0


@check
def a_replayed_graph_launches_the_same_again(driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch

    buffer, other = numbers(1, 2), numbers(10)
    double(buffer)
    launch.synchronize()
    before = len(driver.launches)

    def work(stream: Any) -> None:
        double(buffer, stream)
        double(other, stream)
        double(buffer, stream)

    replay = launch.capture(work)
    launch.synchronize()
    assert len(driver.launches) == before
    assert back(buffer) == [2, 4]
    for stream in (0, launch.cuda.stream(), launch.as_stream(non_blocking())):
        replay(stream)
        assert len(driver.launches) == before
        launch.synchronize(stream)
        found = driver.launches[before:]
        assert [each.parameters[0] for each in found] == [
            buffer.address,
            other.address,
            buffer.address,
        ]
        before += 3
    assert back(buffer) == [2 * 4**3, 4 * 4**3]
    assert back(other) == [80]


@check
def a_capture_forbids_what_would_wait(driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch

    buffer = numbers(1)
    for forbidden in (
        lambda: launch.driver.cuMemAlloc(8),
        lambda: back(buffer),
        launch.synchronize,
    ):
        stream = launch.cuda.stream()
        handle = int(stream.handle)
        launch.driver.cuStreamBeginCapture(handle, launch.binding.CUstreamCaptureMode(0))
        with refused(driver, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"):
            forbidden()
        with refused(driver, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"):
            launch.driver.cuStreamEndCapture(handle)


@check
def a_capture_that_fails_is_ended(_driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch

    def work(_stream: Any) -> None:
        raise ArithmeticError

    with pytest.raises(ArithmeticError) as raised:
        launch.capture(work)
    launch.synchronize()
    assert raised.value.__traceback__ is not None  # which holds what the capture held


@check
def the_default_stream_waits_for_blocking_streams_alone(driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch

    blocking, free = launch.cuda.stream(), non_blocking()
    one, two = numbers(1), numbers(1)
    launch.synchronize()
    double(one, blocking)
    double(two, free)
    before = len(driver.launches)
    launch.driver.cuStreamSynchronize(0)
    assert len(driver.launches) == before + 1
    assert driver.launches[-1].parameters[0] == one.address
    double(one, 0)
    double(one, blocking)
    launch.synchronize(blocking)
    assert back(one) == [8]
    launch.synchronize()
    assert back(two) == [2]


@check
def an_event_orders_streams(driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch

    first, second = launch.as_stream(non_blocking()), launch.as_stream(non_blocking())
    buffer = numbers(1)
    before = len(driver.launches)
    double(buffer, first)
    event = launch.record(first)
    double(buffer, first)
    event.wait(second)
    double(buffer, second)
    assert not event.query()
    launch.synchronize(second)  # with what came before the event, not after
    assert event.query()
    assert len(driver.launches) == before + 2
    launch.synchronize(first)
    assert back(buffer) == [8]


# Arrays of other libraries


class Interface:
    def __init__(self, **said: Any) -> None:
        self.__cuda_array_interface__ = {"version": 3, "strides": None, **said}


@check
def arrays_with_a_cuda_interface_are_seen(_driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch

    address = launch.allocate(24).address
    whole = Interface(shape=(2, 3), typestr="<f4", data=(address, False))
    assert launch.view(whole) == (address, (2, 3), (12, 4), "float32", True)
    turned = Interface(shape=(3, 2), typestr="<f4", data=(address, True), strides=(4, 12))
    assert launch.view(turned) == (address, (3, 2), (4, 12), "float32", False)


@check
def a_view_waits_for_no_stream(driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch

    buffer, stream = numbers(1), non_blocking()
    double(buffer, stream)
    launches, calls = len(driver.launches), len(driver.calls)
    handle, where = int(stream.handle), (buffer.address, False)
    launch.view(Interface(shape=(1,), typestr="<i8", data=where, stream=handle))
    assert len(driver.launches) == launches
    assert "cuStreamWaitEvent" not in driver.calls[calls:]


DLPACK_TYPES = {"float16": (2, 16), "float32": (2, 32), "float64": (2, 64), "bfloat16": (4, 16)}


class DLTensor(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device", ctypes.c_int32 * 2),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("offset", ctypes.c_uint64),
    )


class Managed(ctypes.Structure):
    """DLManagedTensor"""

    _fields_ = (("tensor", DLTensor), ("context", ctypes.c_void_p), ("deleter", ctypes.c_void_p))


class Versioned(ctypes.Structure):
    """DLManagedTensorVersioned"""

    _fields_ = (
        ("version", ctypes.c_uint32 * 2),
        ("context", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
        ("flags", ctypes.c_uint64),
        ("tensor", DLTensor),
    )


class Tensor:
    """An array on the device as DLPack hands it over; old or new, which may be read-only."""

    def __init__(
        self,
        address: int,
        shape: tuple[int, ...],
        strides: tuple[int, ...] | None = None,
        dtype: str = "float32",
        read_only: bool | None = None,
    ) -> None:
        words = ctypes.c_int64 * len(shape)
        self._kept = words(*shape), words(*strides) if strides else None
        told = DLTensor(address, (2, 0), len(shape), *DLPACK_TYPES[dtype], 1, *self._kept)
        if read_only is None:
            self._managed, self._name = Managed(told), b"dltensor"
        else:
            self._managed = Versioned((1, 0), None, None, read_only, told)
            self._name = b"dltensor_versioned"

    def __dlpack__(self, **how: Any) -> Any:
        assert how["stream"] == -1  # the caller orders its streams itself
        new = ctypes.pythonapi.PyCapsule_New
        new.restype = ctypes.py_object
        new.argtypes = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p
        return new(ctypes.addressof(self._managed), self._name, None)

    def __dlpack_device__(self) -> tuple[int, int]:
        return 2, 0  # kDLCUDA


@check
def arrays_with_dlpack_are_seen(_driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch

    address = launch.allocate(48).address
    for dtype, (_, bits) in DLPACK_TYPES.items():
        item = bits // 8
        whole = Tensor(address, (2, 3), dtype=dtype)
        assert launch.view(whole) == (address, (2, 3), (3 * item, item), dtype, True)
    turned = Tensor(address, (3, 2), (1, 3))
    assert launch.view(turned) == (address, (3, 2), (4, 12), "float32", True)
    one_row = Tensor(address, (3, 1, 2), (2, 99, 1))
    assert launch.view(one_row)[2] == (8, 8, 4)
    for read_only in (False, True):
        told = Tensor(address, (4,), read_only=read_only)
        assert launch.view(told) == (address, (4,), (4,), "float32", not read_only)


@check
def an_array_on_the_host_is_none_on_the_device(_driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch

    with pytest.raises(TypeError, match="on the host"):
        launch.view(np.zeros(3, np.float32))


# Layers: their kernels are compiled, and do nothing


def words_of(launch: Launch) -> dict[str, int]:
    """What a launch was told: of the first direction, where it is a recurrence."""
    from lstmbench_kernels.cuda.job import PRODUCT, RECURRENCE

    names = (RECURRENCE if "make_forward" in launch.function else PRODUCT).names
    words = array_at(launch.parameters[0], len(names)).tolist()
    return dict(zip(names, words, strict=True))


def recurrences(driver: Driver, before: int = 0) -> list[Launch]:
    return [each for each in driver.launches[before:] if "make_forward" in each.function]


A_LAUNCH_A_STEP = [(-1, 0), (0, 1), (1, 2), (2, 3)]  # from which to which, of three steps


def layer(algorithm: str, hidden: int = 32) -> Any:
    from lstmbench_kernels import LSTM

    return LSTM(8, hidden, device="cuda", algorithm=algorithm)


@check
def a_layer_of_a_launch_a_step(driver: Driver) -> None:
    net, x, before = layer("step"), np.zeros((3, 2, 8), np.float32), len(driver.launches)
    out = net.forward(x)
    net.forward(x, out=out)
    assert [each.parameters[1:] for each in recurrences(driver, before)] == A_LAUNCH_A_STEP * 2
    assert not any(each.cooperative for each in driver.launches[before:])


@check
def a_layer_of_a_graph(driver: Driver) -> None:
    net, x, before = layer("graph"), np.zeros((3, 2, 8), np.float32), len(driver.launches)
    out = net.forward(x)
    first = driver.launches[before:]
    for _ in range(2):
        net.forward(x, out=out)
    graphs, before = driver.calls.count("cuGraphLaunch"), len(driver.launches)
    net.forward(x, out=out)
    assert driver.calls.count("cuGraphLaunch") == graphs + 1
    again = driver.launches[before:]
    assert [each.parameters[1:] for each in recurrences(driver, before)] == [
        each.parameters[1:] for each in first if "make_forward" in each.function
    ]
    assert len(again) == len(first)


@check
def a_persistent_layer_whose_blocks_wait(driver: Driver) -> None:
    net, x, before = layer("persistent", 512), np.zeros((3, 2, 8), np.float32), len(driver.launches)
    net.forward(x)
    (found,) = recurrences(driver, before)
    assert found.cooperative
    assert found.parameters[1:] == (-1, 3)
    assert 1 < found.grid[0] * found.grid[1] <= 132
    assert found.shared_bytes > 0


@contextmanager
def told(driver: Driver) -> Iterator[list[dict[str, int]]]:
    """What each launch finds when it is carried out."""
    found: list[dict[str, int]] = []
    driver.execute = lambda launch: found.append(words_of(launch))
    yield found
    driver.execute = execute


@check
def a_stream_that_waits_for_no_other_finds_what_it_needs(driver: Driver) -> None:
    """Two calls one behind the other, with nobody waiting between them."""
    from lstmbench_kernels.cuda import launch, ops

    net, stream = layer("step"), non_blocking()
    xs = [ops.empty((3, 2, 8), "float32") for _ in range(2)]
    ys = [ops.empty((3, 2, 32), "float32") for _ in range(2)]
    with told(driver) as found:
        for x, y in zip(xs, ys, strict=True):
            net.forward(x, out=y, stream=stream)
        launch.synchronize(stream)
    assert [words.get("y", words.get("a")) for words in found] == [
        address for x, y in zip(xs, ys, strict=True) for address in (x.address, *[y.address] * 4)
    ]


@check
def weights_at_work_are_not_written_over(driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch, ops

    net, stream = layer("step"), non_blocking()
    x, out, found = ops.empty((3, 2, 8), "float32"), None, []
    weights = net.state_dict()

    def look(launch: Launch) -> None:
        words = words_of(launch)
        found.append(array_at(words.get("weights", words.get("b")), 1)[0])

    driver.execute = look
    for scale in (1, 2):
        net.load_state_dict({name: scale * array for name, array in weights.items()})
        out = net.forward(x, out=out, stream=stream)
    launch.synchronize(stream)
    driver.execute = execute
    product, *recurrence = found[:5]
    assert len(set(recurrence)) == 1
    assert product != -1 != recurrence[0]  # which is what memory holds that nobody wrote
    twice = 2**23 << 32 | 2**23  # added to the exponents of two float32
    assert found[5:] == [each + twice for each in found[:5]]


@check
def calls_on_two_streams_run_one_behind_the_other(driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch, ops

    net, streams = layer("step"), (non_blocking(), non_blocking())
    xs = [ops.empty((3, 2, 8), "float32") for _ in range(4)]
    ys = [ops.empty((3, 2, 32), "float32") for _ in range(4)]
    with told(driver) as found:
        before = driver.calls.count("cuCtxSynchronize")
        for n, (x, y) in enumerate(zip(xs, ys, strict=True)):
            net.forward(x, out=y, stream=streams[n % 2])
        assert driver.calls.count("cuCtxSynchronize") == before
        assert not found
        launch.synchronize(streams[1])
    assert [words.get("y", words.get("a")) for words in found] == [
        address for x, y in zip(xs, ys, strict=True) for address in (x.address, *[y.address] * 4)
    ]


@check
def the_same_call_again_is_its_launches_and_nothing_else(driver: Driver) -> None:
    from lstmbench_kernels.cuda import ops

    for algorithm, calls in (("step", ["cuLaunchKernelEx"] * 5), ("graph", ["cuGraphLaunch"])):
        net, stream = layer(algorithm), non_blocking()
        x, y = ops.empty((3, 2, 8), "float32"), ops.empty((3, 2, 32), "float32")
        states = ops.empty((1, 2, 32), "float32"), ops.empty((1, 2, 32), "float32")
        for _ in range(2):
            net.forward(x, out=(y, states), stream=stream)
        for given in (stream, int(stream.handle), SimpleNamespace(ptr=int(stream.handle))):
            before = len(driver.calls)
            net.forward(x, out=(y, states), stream=given)
            asked = ("cuCtxGetCurrent", "cuCtxGetDevice")  # by cuda.core, at each launch
            assert [name for name in driver.calls[before:] if name not in asked] == calls


@check
def a_caller_may_capture_a_call_that_was_made_on_the_stream(driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch, ops

    net, stream = layer("step"), non_blocking()
    x, y = ops.empty((3, 2, 8), "float32"), ops.empty((3, 2, 32), "float32")
    states = ops.empty((1, 2, 32), "float32"), ops.empty((1, 2, 32), "float32")
    net.forward(x, out=(y, states), stream=stream)
    launch.synchronize()
    before, builder = len(driver.launches), stream.create_graph_builder()
    builder.begin_building()
    net.forward(x, out=(y, states), stream=stream)
    graph = builder.end_building().complete()
    for _ in range(2):
        graph.launch(stream)
    launch.synchronize()
    assert [each.parameters[1:] for each in recurrences(driver, before)] == A_LAUNCH_A_STEP * 2


@check
def a_call_may_come_from_another_thread(_driver: Driver) -> None:
    from lstmbench_kernels.cuda.arrays import DeviceArray

    for algorithm in ("step", "graph"):
        for x in (np.zeros((3, 2, 8), np.float32), DeviceArray((3, 2, 8), "float32")):
            net = layer(algorithm)
            out = net.forward(x)
            for _ in range(3):
                with ThreadPoolExecutor() as pool:
                    pool.submit(net.forward, x, out=out).result()


@check
def the_backend_makes_training_steps_of_a_ragged_batch(driver: Driver) -> None:
    """All that it asks of the device, but for right results."""
    from lstmbench.backends.numba_cuda import NumbaCuda
    from lstmbench.workload import Workload
    from lstmbench_kernels.problem import make_problem
    from lstmbench_kernels.spec import CELLS, Shape

    sizes = {"seq_len": 3, "batch_size": 2, "input_size": 8, "hidden_size": 32}
    workload = Workload(cell="lstm", mode="train", **sizes)
    problem = make_problem(CELLS["lstm"], Shape(**sizes), lengths=(2, 3))
    step = NumbaCuda("graph").prepare(workload, problem)
    device = step.on_device
    launches: list[list[str]] = []
    for _ in range(3):
        before, calls = len(driver.launches), len(driver.calls)
        device.flush()
        step.run()
        assert device.last_call_s() > 0
        launches.append([each.function for each in driver.launches[before:]])
    assert launches[0] == launches[1] == launches[2]
    for part in ("make_padded_copy", "make_forward", "make_backward", "make_product"):
        assert any(part in name for name in launches[0]), part
    assert driver.calls[calls:].count("cuGraphLaunch") == 2  # forward and backward
    assert device.upload() == problem.inputs["x"].nbytes + 2 * 2 * 32 * 4
    assert device.download() == 3 * 2 * 32 * 4 + 2 * 2 * 32 * 4
    assert set(device.algorithm()) == {"forward", "backward"}
    assert device.device.name == "NVIDIA H200, emulated"


# What goes wrong on the device


@breaks
def what_a_kernel_does_wrong_is_an_error_of_the_next_wait(driver: Driver) -> None:
    from lstmbench_kernels.cuda import launch

    buffer = numbers(1)
    kernel(failing).launch((1, 1, 1), 32, 0, 0, buffer.address)
    double(buffer)
    with refused(driver, "CUDA_ERROR_LAUNCH_FAILED"):
        launch.synchronize()
    (failure,) = driver.failures
    assert isinstance(failure, ArithmeticError)
    assert array_at(buffer.address, 1) == [1]
    with refused(driver, "earlier work failed: ArithmeticError"):
        double(buffer)


def main(names: list[str]) -> None:
    driver = install(execute)
    for name in names:
        said = ""
        try:
            (CHECKS | BROKEN)[name](driver)
            assert driver.missing == [], driver.missing
            assert driver.refused == [], driver.refused
            assert name in BROKEN or not driver.failures, driver.failures
        except Exception:  # noqa: BLE001  the test that started this raises it
            said = traceback.format_exc()
        driver.refused.clear()
        driver.missing.clear()
        print(json.dumps([name, said]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or list(CHECKS))
