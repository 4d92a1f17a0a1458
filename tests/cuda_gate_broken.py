"""One kernel for each thing that the compile gate must catch, and one with nothing wrong."""

import json
from dataclasses import asdict

from cuda_gate import compile_kernel
from cuda_macros import load, store
from numba import cuda, float32, int64

from lstmbench_kernels.cuda import ops


@ops.macro(returns="f32", count=300)
def many(emit, address):
    return [emit.load("global", "f32", address, 4 * n) for n in range(300)]


@ops.macro(returns=None)
def give_back(emit, values, address):
    for n, value in enumerate(values):
        emit.store("global", "f32", address, value, 4 * n)


@ops.macro(returns="f64")
def widened(emit, address):
    return emit.load("global", "f64", address)


@ops.macro(returns=None)
def store_double(emit, address, value):
    emit.store("global", "f64", address, value)


def spills(address):
    values = many(address)
    ops.sync_block()  # nothing may be read again
    give_back(values, address)


def stack(address):
    kept = cuda.local.array(200, float32)
    for n in range(200):
        kept[n] = load(address + 4 * n)
    store(address, kept[int64(load(address))])


def static_shared(address):
    kept = cuda.shared.array(64, float32)
    kept[ops.thread_id()] = load(address)
    ops.sync_block()
    store(address, kept[63 - ops.thread_id()])


def double(address):
    store_double(address, widened(address) * 2.0 + 1.0)


def long_division(address, divisor):
    store(address + 4 * (ops.thread_id() // divisor), load(address))


def sound(address):
    store(address + 4 * ops.thread_id(), load(address))


for function in (spills, stack, static_shared, double, long_division, sound):
    name = function.__name__.replace("_", " ")
    for found in compile_kernel(name, ops.kernel(function), uses_double=False):
        print(json.dumps(asdict(found)), flush=True)
