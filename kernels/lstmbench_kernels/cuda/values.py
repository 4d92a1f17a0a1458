"""The macros that load, add up and store single numbers of a precision."""

# A macro's arguments are values of the target.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from functools import cache
from typing import Any, NamedTuple

from . import ops
from .precision import Precision, as_operand, loaded, stored


class Values(NamedTuple):
    """Loads and stores of one number: as it is stored, multiplied, or summed.

    ``store_slots`` is ``(values, address, bytes from slot to slot)``.
    """

    load: Any
    store: Any
    store_operand: Any
    load_sum: Any
    store_sum: Any
    load_kept: Any
    store_kept: Any
    zero: Any
    add: Any
    store_slots: Any


@cache
def make_values(precision: Precision, operand_space: str) -> Values:
    """The macros ``(address)`` and ``(address, value)`` of a precision."""
    storage, kind = precision.storage, precision.sum

    @ops.macro(returns=kind)
    def load(emit, address):
        return loaded(emit, precision, emit.load("global", storage, address))

    @ops.macro(returns=None)
    def store(emit, address, value):
        emit.store("global", storage, address, stored(emit, precision, value))

    @ops.macro(returns=None)
    def store_operand(emit, address, value):
        emit.store(operand_space, storage, address, as_operand(emit, precision, value))

    @ops.macro(returns=kind)
    def load_sum(emit, address):
        return emit.load("global", kind, address)

    @ops.macro(returns=None)
    def store_sum(emit, address, value):
        emit.store("global", kind, address, value)

    @ops.macro(returns=kind)
    def load_kept(emit, address):
        return emit.load("shared", kind, address)

    @ops.macro(returns=None)
    def store_kept(emit, address, value):
        emit.store("shared", kind, address, value)

    @ops.macro(returns=kind)
    def zero(emit):
        return emit.const(kind, 0)

    @ops.macro(returns=kind)
    def add(emit, a, b):
        return emit.add(a, b)

    @ops.macro(returns=None)
    def store_slots(emit, values, address, slot_bytes):
        for slot, value in enumerate(values):
            place = emit.iadd(address, emit.imul(slot_bytes, slot))
            emit.store("global", storage, place, stored(emit, precision, value))

    return Values(
        load,
        store,
        store_operand,
        load_sum,
        store_sum,
        load_kept,
        store_kept,
        zero,
        add,
        store_slots,
    )
