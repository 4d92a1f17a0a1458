"""Plans for GPUs: each fits the device and leaves nothing out; and the weights laid out by it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("greenlet")

from lstmbench_kernels.cuda import schedule
from lstmbench_kernels.cuda.limits import THREADS, Limits
from lstmbench_kernels.cuda.precision import PRECISIONS
from lstmbench_kernels.cuda.schedule import RUNGS, Sizes, candidates, choose
from lstmbench_kernels.cuda.tile import FRAGMENT_BYTES, L2, NOWHERE
from lstmbench_kernels.cuda.weights import as_fragments, round_tf32

A100, H200 = Limits(108, 163 * 1024), Limits(132, 227 * 1024)

sizes_of_networks = st.builds(
    lambda hidden, slots, backward, batch, directions: Sizes(
        hidden, 1 if backward else slots, slots * hidden if backward else hidden, batch, directions
    ),
    hidden=st.integers(1, 3000),
    slots=st.sampled_from([1, 3, 4]),
    backward=st.booleans(),
    batch=st.integers(1, 300),
    directions=st.integers(1, 2),
)


@given(
    precision=st.sampled_from(list(PRECISIONS.values())),
    sizes=sizes_of_networks,
    limits=st.sampled_from([A100, H200]),
    rung=st.sampled_from(RUNGS),
)
def test_a_plan_fits_the_device_and_covers_the_work(precision, sizes, limits, rung) -> None:
    if rung == "persistent" and not list(candidates(precision, sizes, limits, whole=True)):
        with pytest.raises(ValueError, match="'persistent' does not fit hidden_size"):
            choose(precision, sizes, limits, rung)
        return
    plan = choose(precision, sizes, limits, rung)
    assert plan.shared_bytes <= limits.shared_bytes
    assert plan.threads <= THREADS
    if rung == "persistent":  # blocks that wait for each other must all be at work
        assert plan.blocks * plan.groups * plan.directions <= limits.multiprocessors
    assert plan.blocks * plan.units >= sizes.hidden > (plan.blocks - 1) * plan.units
    assert plan.groups * plan.group_rows >= sizes.batch > (plan.groups - 1) * plan.group_rows
    assert plan.group_rows % plan.tile.rows == 0
    assert 8 * plan.tile.tiles * plan.warps_n >= plan.units * sizes.unit_rows
    assert plan.row_bytes >= sizes.depth * precision.item_bytes
    beyond = plan.chunks - plan.tile.resident - plan.kept
    assert beyond >= 0
    assert plan.tile.beyond == L2 or beyond == 0
    assert plan.tile.beyond != NOWHERE or plan.kept == 0


def test_there_is_a_plan_for_the_largest_networks() -> None:
    """DeepBench's largest hidden size, at one sequence and at many, in every precision."""
    for precision in PRECISIONS.values():
        for batch in (1, 128):
            for unit_rows, depth in ((4, 4096), (1, 4 * 4096)):
                sizes = Sizes(4096, unit_rows, depth, batch, 1)
                assert list(candidates(precision, sizes, H200, whole=True))


def test_the_estimate_grows_with_the_work() -> None:
    precision = PRECISIONS["float32"]
    small = choose(precision, Sizes(128, 4, 128, 16, 1), H200, "persistent")
    large = choose(precision, Sizes(2048, 4, 2048, 16, 1), H200, "persistent")
    assert small.cycles < large.cycles


def test_auto_takes_the_shorter_estimate() -> None:
    precision, sizes = PRECISIONS["float16"], Sizes(768, 4, 768, 16, 1)
    whole = choose(precision, sizes, H200, "persistent").cycles
    steps = choose(precision, sizes, H200, "graph").cycles
    expected = "persistent" if whole <= steps else "graph"
    assert schedule.choose_rung(precision, sizes, H200) == expected


@pytest.mark.parametrize("precision", ["float16", "float32", "float64"])
def test_fragments_hold_each_weight_where_its_lane_reads_it(precision: str) -> None:
    """By the address that the kernel computes: warp, chunk, tile, lane, byte."""
    of = PRECISIONS[precision]
    sizes = Sizes(hidden=20, unit_rows=4, depth=70, batch=3, directions=1)
    plan = choose(of, sizes, Limits(4, H200.shared_bytes), "persistent")
    dtype = np.dtype(of.dtype)
    rows = np.arange(plan.blocks * plan.units * 4 * 70).reshape(plan.blocks, plan.units * 4, 70)
    rows = (rows % 1999).astype(dtype)
    packed = as_fragments(rows, plan, of.chunk).reshape(-1).view(np.uint8)
    warps_k = 1 << plan.warps_k_shift
    for block in range(plan.blocks):
        for row in range(plan.units * 4):
            for k in (0, 1, 17, 69):
                tile, g = divmod(row, 8)
                warp_n, tile = divmod(tile, plan.tile.tiles)
                chunk, within = divmod(k, of.chunk)
                warp_k, chunk = divmod(chunk, plan.chunks)
                q, element = divmod(within, of.chunk // 4)
                warp = (warp_n << plan.warps_k_shift) + warp_k
                place = block * plan.warps_n * warps_k + warp
                place = (place * plan.chunks + chunk) * plan.tile.tiles + tile
                address = place * FRAGMENT_BYTES + (4 * g + q) * 16 + element * dtype.itemsize
                found = packed[address : address + dtype.itemsize].view(dtype)[0]
                assert found == rows[block, row, k]


def test_tf32_is_rounded_to_nearest_even() -> None:
    """Ten bits of fraction: against float32 arithmetic on the same scale."""
    values = np.random.default_rng(0).standard_normal(10_000).astype(np.float32)
    exponent = np.floor(np.log2(np.abs(values.astype(np.float64))))
    unit = 2.0 ** (exponent - 10)
    expected = np.round(values.astype(np.float64) / unit) * unit
    np.testing.assert_array_equal(round_tf32(values), expected.astype(np.float32))
    special = np.array([np.inf, -np.inf, np.nan, 0.0, -0.0], np.float32)
    np.testing.assert_array_equal(round_tf32(special), special)
