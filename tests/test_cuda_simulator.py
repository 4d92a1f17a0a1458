"""The simulator of CUDA kernels: what it computes, and what it finds that a device would not."""

import numpy as np
import pytest

pytest.importorskip("greenlet")

from cuda_macros import load, store

from lstmbench_kernels.cuda import ops, simulated
from lstmbench_kernels.cuda.simulator import LIMITS, SimulationError


@ops.macro(returns="f32")
def load_shared(emit, address):
    return emit.load("shared", "f32", address)


@ops.macro(returns=None)
def store_shared(emit, address, value):
    emit.store("shared", "f32", address, value)


@ops.macro(returns="f32")
def number(emit, value):
    return emit.from_int("f32", value)


@ops.macro(returns="f32")
def from_neighbour(emit, value):
    return emit.shuffle_xor(value, 1)


def run(function, *given, grid=(1, 1, 1), threads=32, shared_bytes=0):
    """Launch once, and return nothing: results are in memory."""
    ops.kernel(function).launch(grid, threads, shared_bytes, None, *given)


def floats(count):
    return ops.allocate(4 * count)


def content(buffer):
    found = np.empty(buffer.nbytes // 4, np.float32)
    ops.download(found, buffer.address, None)
    return found


def test_threads_of_all_blocks_write_their_own_places() -> None:
    def kernel(out):
        n = ops.block_x() * ops.num_threads() + ops.thread_id()
        store(out + 4 * n, number(n))

    out = floats(96)
    run(kernel, out.address, grid=(3, 1, 1))
    assert content(out).tolist() == list(range(96))


def test_lanes_exchange_values() -> None:
    def kernel(out):
        thread = ops.thread_id()
        store(out + 4 * thread, from_neighbour(number(thread)))

    out = floats(64)
    run(kernel, out.address, threads=64)
    assert content(out).tolist() == [n ^ 1 for n in range(64)]


@pytest.mark.parametrize("precision", ["float16", "bfloat16", "tf32"])
def test_a_tensor_core_product_is_that_of_its_matrices(precision: str) -> None:
    """Fragments laid out here by the PTX ISA's formulas, the product by NumPy."""
    depth = 8 if precision == "tf32" else 16
    rng = np.random.default_rng(0)
    a = rng.integers(-8, 8, (16, depth)).astype(np.float32)  # exact in every precision
    b = rng.integers(-8, 8, (depth, 8)).astype(np.float32)

    def bits(value):
        if precision == "tf32":
            return int(np.float32(value).view(np.uint32))
        if precision == "bfloat16":
            return int(np.float32(value).view(np.uint32)) >> 16
        return int(np.float16(value).view(np.uint16))

    def register(matrix, row, column, along_rows):
        """One element of TF32, or two neighbours along k."""
        if precision == "tf32":
            return bits(matrix[row, column])
        second = (row, column + 1) if along_rows else (row + 1, column)
        return bits(matrix[row, column]) | bits(matrix[second]) << 16

    fragments = np.zeros((32, 6), np.uint32)
    width = 1 if precision == "tf32" else 2
    for lane in range(32):
        g, q = divmod(lane, 4)
        for n in range(4):
            row, column = g + 8 * (n % 2), width * q + depth // 2 * (n // 2)
            fragments[lane, n] = register(a, row, column, True)
        for n in range(2):
            fragments[lane, 4 + n] = register(b, width * q + depth // 2 * n, g, False)

    @ops.macro(returns=None)
    def multiply(emit, source, target, lane):
        words = [
            emit.load("global", "u32", emit.iadd(source, emit.imul(lane, 24)), 4 * n)
            for n in range(6)
        ]
        zeros = [emit.const("f32", 0)] * 4
        for n, value in enumerate(emit.mma(precision, zeros, words[:4], words[4:])):
            emit.store("global", "f32", emit.iadd(target, emit.imul(lane, 16)), value, 4 * n)

    def kernel(source, target):
        multiply(source, target, ops.thread_id())

    source, target = floats(192), floats(128)
    ops.upload(source.address, fragments, None)
    run(kernel, source.address, target.address)
    found = np.zeros((16, 8), np.float32)
    for lane, values in enumerate(content(target).reshape(32, 4)):
        g, q = divmod(lane, 4)
        found[g, 2 * q : 2 * q + 2], found[g + 8, 2 * q : 2 * q + 2] = values[:2], values[2:]
    np.testing.assert_array_equal(found, a @ b)


@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
def test_16_bit_numbers_are_rounded_to_nearest_even(precision: str) -> None:
    """Against NumPy and ml_dtypes, over ties, denormals, overflow and infinities."""
    ml_dtypes = pytest.importorskip("ml_dtypes")
    dtype = np.float16 if precision == "float16" else ml_dtypes.bfloat16
    rng = np.random.default_rng(1)
    bits = rng.integers(0, 2**32, 5000, dtype=np.uint64).astype(np.uint32)
    ties = (bits & np.uint32(0xFFFF8000)) | np.uint32(0x8000)
    values = np.concatenate([bits, ties]).view(np.float32)
    values = values[np.isfinite(values)]
    emit = simulated.Emit()
    with np.errstate(over="ignore"):
        wanted = values.astype(dtype).view(np.uint16)
        assert [emit.narrow(precision, value) for value in values] == wanted.tolist()
        back = [emit.widen(precision, int(each)) for each in wanted]
    np.testing.assert_array_equal(back, wanted.view(dtype).astype(np.float32))


@pytest.mark.parametrize(
    ("precision", "infinity", "overflows"),
    [("float16", 0x7C00, 65520.0), ("bfloat16", 0x7F80, float.fromhex("0x1.ffp127"))],
)
def test_what_is_no_16_bit_number_becomes_what_the_device_makes_of_it(
    precision: str, infinity: int, overflows: float
) -> None:
    """As CUDA's own conversions on the host have it (cuda_fp16.hpp, cuda_bf16.hpp)."""
    emit = simulated.Emit()
    below = np.nextafter(np.float32(overflows), np.float32(0))
    with np.errstate(over="ignore"):
        for sign, bit in ((1, 0), (-1, 0x8000)):
            assert emit.narrow(precision, np.float32(sign * np.inf)) == infinity | bit
            assert emit.narrow(precision, np.float32(sign * overflows)) == infinity | bit
            assert emit.narrow(precision, sign * below) == infinity - 1 | bit
    for nan in (0x7F800001, 0x7FC00000, 0xFFFFFFFF, 0xFF801000):
        assert emit.narrow(precision, np.uint32(nan).view(np.float32)) == 0x7FFF


def test_every_nan_of_float16_widens_to_the_one_of_the_device() -> None:
    emit = simulated.Emit()
    for bits in (0x7C01, 0x7E00, 0xFFFF):
        assert emit.as_bits(emit.widen("float16", bits)) == 0x7FFFFFFF
    assert emit.widen("float16", 0xFC00) == -np.inf


@pytest.mark.parametrize("sign", [0, 1 << 31])
@pytest.mark.parametrize(
    ("bits", "rounded"),
    [
        (0x3F801000, 0x3F802000),  # ties go away from zero, also to where the last bit is odd
        (0x3F803000, 0x3F804000),
        (0x3F800FFF, 0x3F800000),
        (0x3F801001, 0x3F802000),
        (0x00001000, 0x00002000),  # denormal
        (0x7F7FF000, 0x7F800000),  # beyond the largest: infinity
        (0x7F800000, 0x7F800000),
        (0x7FC01FFF, 0x7FC00000),  # NaN: cut off
        (0x7F801FFF, 0x7F800000),  # to an infinity, if the last bits alone made it a NaN
    ],
)
def test_tf32_is_rounded_as_the_device_does(bits: int, rounded: int, sign: int) -> None:
    """cvt.rna.tf32.f32; for what is no number, what sm_80 and sm_90a run for it (nvdisasm)."""
    emit = simulated.Emit()
    value = np.uint32(bits | sign).view(np.float32)
    assert emit.as_bits(emit.round_tf32(value)) == rounded | sign


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("a", "b", "c", "expected"),
    [
        (0.0, 0.0, -0.0, 0.0),
        (-0.0, 0.0, -0.0, -0.0),
        (-0.0, -0.0, -0.0, 0.0),
        (0.0, 0.0, -2.0, -2.0),
        (0.0, 3.0, -0.0, 0.0),
        (0.0, np.inf, 1.0, np.nan),
        (np.nan, 0.0, 1.0, np.nan),
        (0.0, 0.0, np.nan, np.nan),
        (np.inf, 1.0, -np.inf, np.nan),
    ],
)
def test_a_multiply_add_of_zeros_and_infinities_is_ieee_754(
    a: float, b: float, c: float, expected: float, kind: type
) -> None:
    with np.errstate(invalid="ignore"):
        got = simulated.Emit().fma(kind(a), kind(b), kind(c))
    assert type(got) is kind
    np.testing.assert_equal(got, kind(expected))
    assert got != 0 or np.signbit(got) == np.signbit(expected)


def test_a_block_waits_for_all_of_its_threads() -> None:
    def kernel(out):
        thread = ops.thread_id()
        store_shared(ops.shared_memory() + 4 * thread, number(thread))
        ops.sync_block()
        store(out + 4 * thread, load_shared(ops.shared_memory() + 4 * (63 - thread)))

    out = floats(64)
    run(kernel, out.address, threads=64, shared_bytes=256)
    assert content(out).tolist() == list(range(63, -1, -1))


def test_a_missing_barrier_is_found() -> None:
    """A thread reads what another one may not have written yet: in some order it is NaN."""

    def kernel(out):
        thread = ops.thread_id()
        store_shared(ops.shared_memory() + 4 * thread, number(thread))
        store(out + 4 * thread, load_shared(ops.shared_memory() + 4 * (63 - thread)))

    out = floats(64)
    run(kernel, out.address, threads=64, shared_bytes=256)
    assert np.isnan(content(out)).any()


def test_blocks_at_work_at_once_wait_for_each_other() -> None:
    def kernel(counter, out):
        ops.cooperative()
        block = ops.block_x()
        if ops.thread_id() == 0:
            store(out + 4 * block, number(block))
            ops.signal(counter)
            ops.await_count(counter, 4)
        ops.sync_block()
        store(out + 16 + 4 * block, load(out + 4 * (3 - block)))

    out, counter = floats(8), ops.allocate(4, zero=True)
    run(kernel, counter.address, out.address, grid=(4, 1, 1))
    assert content(out).tolist() == [0, 1, 2, 3, 3, 2, 1, 0]


def test_waiting_for_a_block_that_is_not_at_work_is_found() -> None:
    def kernel(counter):
        ops.signal(counter)
        ops.await_count(counter, 64)

    counter = ops.allocate(4, zero=True)
    with pytest.raises(SimulationError, match="every thread waits"):
        run(kernel, counter.address, grid=(2, 1, 1))


def test_more_blocks_than_can_be_at_work_are_refused() -> None:
    def kernel():
        ops.cooperative()

    with pytest.raises(SimulationError, match="at once"):
        run(kernel, grid=(LIMITS.multiprocessors + 1, 1, 1))


def test_a_barrier_that_not_all_reach_is_found() -> None:
    def kernel():
        if ops.thread_id() != 5:
            ops.sync_block()

    with pytest.raises(SimulationError, match="not reached by all"):
        run(kernel)


@pytest.mark.parametrize("offset", [-4, 128])
def test_a_read_outside_of_an_allocation_is_found(offset: int) -> None:
    def kernel(address):
        load(address)

    memory = floats(32)
    with pytest.raises(SimulationError, match="allocation"):
        run(kernel, memory.address + offset)


def test_a_misaligned_read_is_found() -> None:
    @ops.macro(returns="u32", count=4)
    def load4(emit, address):
        return emit.load4("global", address)

    def kernel(address):
        load4(address)

    memory = floats(32)
    with pytest.raises(SimulationError, match="multiple of 16"):
        run(kernel, memory.address + 4)


def test_a_launch_keeps_to_the_limits() -> None:
    with pytest.raises(SimulationError, match="shared memory"):
        run(lambda: None, shared_bytes=LIMITS.shared_bytes + 1)
    with pytest.raises(SimulationError, match="threads"):
        run(lambda: None, threads=512)


def test_a_captured_launch_runs_only_when_it_is_replayed() -> None:
    def kernel(out):
        store(out + 4 * ops.thread_id(), number(1))

    out = floats(32)
    ops.upload(out.address, np.zeros(32, np.float32), None)
    kernel = ops.kernel(kernel)
    replay = ops.capture(lambda stream: kernel.launch((1, 1, 1), 32, 0, stream, out.address))
    assert not content(out).any()
    replay(None)
    assert content(out).all()
