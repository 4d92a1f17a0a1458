"""The one facade between the kernels and what runs them: numba-cuda, or the simulator.

Kernels are plain Python functions of int64 arguments: addresses and counts.  What a thread does to
memory, to its warp and to its block, it does by macros: functions written once on the small
language of ``Emit``, which ``compiled.py`` turns into LLVM IR and PTX, and ``simulated.py`` carries
out.  ``launch.py`` and ``simulator.py`` run kernels.  A successor of numba-cuda is a third such
pair; nothing else knows which one is in use.

A macro takes integers, floats and tuples of one kind, and returns one value or a tuple of one kind:

======== ==================================================================
``f32``  float32
``f64``  float64
``u32``  32 bits: one float32, or two 16-bit floats, or a counter
``i64``  an integer: an address in bytes, a size, an index
======== ==================================================================

``NUMBA_ENABLE_CUDASIM=1``, Numba's own switch, chooses the simulator.
"""

import os
from importlib.util import find_spec
from typing import Any

SIMULATED = os.environ.get("NUMBA_ENABLE_CUDASIM", "0") not in ("", "0")

_NEEDS, _INSTALL = ("greenlet", "greenlet") if SIMULATED else ("numba_cuda", "'lstmbench[cuda]'")
if find_spec(_NEEDS) is None:
    raise ImportError(
        f"device: 'cuda' cannot be used: {_NEEDS.replace('_', '-')} is not installed; "
        f"pip install {_INSTALL}"
    )

# Imported as wholes so that what one lacks fails here, by name.
device: Any
host: Any
if SIMULATED:
    from . import simulated as device
    from . import simulator as host
else:
    from . import compiled as device
    from . import launch as host

macro = device.macro
device_function = device.device_function
sync_block = device.sync_block
cooperative = device.cooperative

kernel = host.kernel
unavailable = host.unavailable
device_facts = host.device_facts
limits = host.limits
Buffer = host.Buffer
allocate = host.allocate
upload = host.upload
upload_behind = host.upload_behind
download = host.download
view = host.view
as_stream = host.as_stream
is_same_stream = host.is_same_stream
synchronize = host.synchronize
mark = host.mark
follow = host.follow
is_past = host.is_past
await_mark = host.await_mark
capture = host.capture
record = host.record
elapsed = host.elapsed


@macro(returns="i64")
def thread_id(emit):
    return emit.special("tid.x")


@macro(returns="i64")
def num_threads(emit):
    return emit.special("ntid.x")


@macro(returns="i64")
def block_x(emit):
    return emit.special("ctaid.x")


@macro(returns="i64")
def block_y(emit):
    return emit.special("ctaid.y")


@macro(returns="i64")
def block_z(emit):
    return emit.special("ctaid.z")


@macro(returns="i64")
def shared_memory(emit):
    """The address of the block's dynamic shared memory, aligned to 16 bytes."""
    return emit.shared_base()


@macro(returns="i64")
def word(emit, address, index):
    """The int64 at ``address[index]``; never written while a kernel runs."""
    return emit.load("constant", "i64", emit.iadd(address, emit.imul(index, 8)))


@macro(returns="i64")
def told(emit, index):
    """Word ``index`` of the block's record, which lies where its shared memory begins.

    Read where it stands: a word kept in registers throughout would take two of them.
    """
    return emit.load("shared", "i64", emit.iadd(emit.shared_base(), emit.imul(index, 8)))


@macro(returns=None)
def tell(emit, index, value):
    """Write a word of the block's record."""
    emit.store("shared", "i64", emit.iadd(emit.shared_base(), emit.imul(index, 8)), value)


@macro(returns=None)
def signal(emit, address):
    """Add 1 to a counter once everything this thread has seen written is visible to the device."""
    emit.add_release(address)


@macro(returns="i64")
def signal_and_count(emit, address):
    """``signal``, and what the counter was before."""
    return emit.fetch_add(address)


@macro(returns="i64")
def look(emit, address):
    """A counter; what was written before it was raised to this value can be read afterwards."""
    return emit.load_acquire(address)


@macro(returns=None)
def reset(emit, address):
    """Set a counter to 0."""
    emit.store("exchange", "u32", address, emit.const("u32", 0))


@device_function
def await_count(address, count):
    """Wait until a counter has reached ``count``."""
    while look(address) < count:
        pass


# Arrays, for who has no framework to make them


def to_device(array: Any) -> Any:
    """A copy of a NumPy array on the device."""
    from .arrays import to_device

    return to_device(array)


def empty(shape: tuple[int, ...], dtype: str) -> Any:
    """An array on the device, not written yet."""
    from .arrays import DeviceArray

    return DeviceArray(shape, dtype)


def to_host(array: Any) -> Any:
    """A NumPy copy of one of these."""
    return array.to_host()
