"""Keras on TensorFlow on the CPU: ``keras.layers`` as their users call them.

Inside a timed call: the layers under ``tf.function`` (infer), or one ``tf.function`` of the layers
and a ``tf.GradientTape`` with respect to every weight, the input and the initial states (train).
XLA does not compile it: that is what Keras' own ``jit_compile="auto"`` comes to on a machine
without a GPU, and so ``Model.fit`` and ``Model.predict`` run there.  Outside: tracing, which is
counted; its seconds are those of the call that traces.

The threads of the environment are both those within one operation and those that run operations
side by side, as in TensorFlow's own default: with one of the latter the directions of a layer run
in turn, which was seen to take up to 1.8 times as long on two cores.  How many are used is
TensorFlow's choice.
"""

import os

import tensorflow as tf

from lstmbench_kernels.problem import Problem

from ..timing.clock import WallClock
from ..workload import Workload
from .base import Compilation, Step
from .keras_layers import VERSION, KerasStep, Traces

# TensorFlow reads it when it makes a product of oneDNN's.
FPMATH_MODE = "TF_SET_ONEDNN_FPMATH_MODE"


class KerasCpu:
    """Keras layers with the threads that the environment names."""

    name = "keras-cpu"

    def __init__(self) -> None:
        self.version = VERSION
        self.clock = WallClock()
        self._traces = Traces()
        tf.config.set_visible_devices([], "GPU")
        # TensorFlow reads no variable for these; 0 is its own choice.
        threads = int(os.environ.get("OMP_NUM_THREADS", "0"))
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)

    def prepare(self, workload: Workload, problem: Problem) -> Step:
        return KerasStep(problem, self._traces, on_gpu=False).step(
            workload, arithmetic(workload.dtype)
        )

    def compilation(self) -> Compilation | None:
        return Compilation(self._traces.count, self._traces.seconds)


def arithmetic(dtype: str) -> str:
    """What products multiply: oneDNN lowers those of float32 where a variable asks for it."""
    asked = os.environ.get(FPMATH_MODE)
    lowered = "bfloat16" if asked == "BF16" and dtype == "float32" else dtype
    return f"{lowered}: {FPMATH_MODE} is {asked or 'not set'}"


def make() -> KerasCpu:
    return KerasCpu()
