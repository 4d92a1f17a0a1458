"""What the small kernels of the tests do to memory: one float32 at a time."""

from lstmbench_kernels.cuda import ops


@ops.macro(returns="f32")
def load(emit, address):
    return emit.load("global", "f32", address)


@ops.macro(returns=None)
def store(emit, address, value):
    emit.store("global", "f32", address, value)
