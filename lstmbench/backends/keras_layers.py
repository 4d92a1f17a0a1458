"""Keras layers on TensorFlow of a problem and the passes over them, for every Keras backend.

Keras runs the batch first: the input is transposed once, and results are transposed when they are
read, both outside a timed call.  The mask of sequences of unequal lengths is made of their lengths
at every call.  Its plain cells and its LSTM have one bias where PyTorch has two; it is their sum,
and its gradient is that of both.
"""

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

# Read when these are imported.
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from lstmbench_kernels.problem import Problem
from lstmbench_kernels.spec import permute_gates

from ..units import Seconds
from ..workload import Workload
from .base import Arrays, Step, step_of

Array = NDArray[Any]

VERSION = f"{keras.__version__}, TensorFlow {tf.__version__}"


class Traces:
    """Counts how often TensorFlow traces a function, and how long the calls take that do.

    Attributes:
        operations: the kinds of those in the last graph.
    """

    def __init__(self) -> None:
        self.count = 0
        self.seconds: Seconds = 0.0
        self.operations: frozenset[str] = frozenset()

    def function(self, of: Callable[..., Any], *, xla: bool) -> Callable[..., Any]:
        """A ``tf.function``; a call that traces compiles too, and runs once."""

        def traced(*tensors: Any) -> Any:
            self.count += 1
            results = of(*tensors)
            graph = tf.compat.v1.get_default_graph()
            self.operations = frozenset(each.type for each in graph.get_operations())
            return results

        compiled = tf.function(traced, autograph=False, jit_compile=xla)

        def call(*tensors: Any) -> Any:
            before, start = self.count, time.perf_counter()
            results = compiled(*tensors)
            if self.count != before:
                self.seconds += time.perf_counter() - start
            return results

        return call


def make_layer(problem: Problem, index: int, input_size: int) -> Any:
    """One layer of a network, of one or two directions, with the problem's weights."""
    shape, cell = problem.shape, problem.cell
    dtype = problem.inputs["x"].dtype.name
    kinds = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}
    options: dict[str, Any] = {"activation": "tanh"}
    if cell.name not in kinds:
        options["activation"] = cell.name.removeprefix("rnn-")
    if cell.name == "gru":
        options["reset_after"] = True
    layer = kinds.get(cell.name, keras.layers.SimpleRNN)(
        shape.hidden_size,
        use_bias=shape.bias,
        return_sequences=True,
        return_state=True,
        zero_output_for_mask=True,
        # The weights are set below; the default one for these knows no bfloat16.
        recurrent_initializer="zeros",
        dtype=dtype,
        **options,
    )
    if shape.bidirectional:
        layer = keras.layers.Bidirectional(layer, merge_mode="concat", dtype=dtype)
    layer.build((shape.batch_size, shape.seq_len, input_size))
    suffixes = [suffix for layer, _, suffix in shape.layers() if layer == index]
    layer.set_weights([array for suffix in suffixes for array in to_keras(problem, suffix)])
    return layer


def to_keras(problem: Problem, suffix: str) -> Iterator[Array]:
    """The kernel, the recurrent kernel and the bias of one direction, in Keras' order of gates."""

    def named(name: str) -> Array:
        ordered: Array = permute_gates(
            problem.parameters[name + suffix], problem.cell, "torch", "keras"
        )
        return ordered

    yield named("weight_ih").T
    yield named("weight_hh").T
    if problem.shape.bias:
        biases = named("bias_ih"), named("bias_hh")
        yield np.stack(biases) if problem.cell.name == "gru" else biases[0] + biases[1]


def from_keras(problem: Problem, suffix: str, gradients: list[Array]) -> Arrays:
    """The gradients of one direction by the names of the state dict, in our order of gates."""
    kernel, recurrent, *bias = gradients
    found = {"weight_ih": kernel.T, "weight_hh": recurrent.T}
    if bias:
        of_input, of_state = bias[0] if problem.cell.name == "gru" else (bias[0], bias[0])
        found |= {"bias_ih": of_input, "bias_hh": of_state}
    return {
        name + suffix: permute_gates(array, problem.cell, "keras", "torch")
        for name, array in found.items()
    }


def takes_xla(layers: list[Any]) -> bool:
    """Whether XLA compiles such layers where Keras asks it to; not where they go to cuDNN."""
    parts = [
        part
        for layer in layers
        for part in (
            layer,
            *(getattr(layer, f"{way}_layer", layer) for way in ("forward", "backward")),
        )
    ]
    return all(part.supports_jit for part in parts)


class KerasStep:
    """Layers and tensors of one problem, and the passes over them.

    ``on_gpu`` says where: Keras has nothing compiled by XLA on a machine without a GPU.
    """

    def __init__(self, problem: Problem, traces: Traces, *, on_gpu: bool) -> None:
        self.problem = problem
        shape = problem.shape
        sizes = {layer: size for layer, size, _ in shape.layers()}
        self.layers = [make_layer(problem, layer, size) for layer, size in sizes.items()]
        self.variables = [v.value for layer in self.layers for v in layer.trainable_variables]
        self.inputs = self._place(problem.inputs["x"], problem.inputs, "{}0")
        self.upstream = self._place(problem.upstream["dy"], problem.upstream, "d{}T")
        self.lengths = tf.constant(problem.lengths) if problem.lengths else None
        self.xla = on_gpu and takes_xla(self.layers)
        self.network = traces.function(self._network, xla=self.xla)
        self.both = traces.function(self._both, xla=self.xla)
        # What a tape keeps between two calls cannot leave a function that XLA compiles.
        self.taped = traces.function(self._network, xla=False)
        self.results: Any = ()
        self.found: Any = ()

    def upload(self) -> list[Array]:
        """Copy the input and the initial states to the device once more; what was copied."""
        self._place(self.problem.inputs["x"], self.problem.inputs, "{}0")
        return list(self.problem.inputs.values())

    def _place(self, sequences: Array, states: Arrays, name: str) -> list[Any]:
        """Sequences with the batch first, then the states of each direction, as tensors."""
        count = self.problem.shape.num_layers * self.problem.shape.num_directions
        names = [name.format(each) for each in self.problem.cell.states]
        arrays = [states[each][index] for index in range(count) for each in names]
        return [tf.constant(array) for array in (sequences.swapaxes(0, 1), *arrays)]

    def _network(self, inputs: list[Any], lengths: Any) -> tuple[Any, ...]:
        (y, *states), finals = inputs, []
        T = self.problem.shape.seq_len
        mask = None if lengths is None else tf.sequence_mask(lengths, maxlen=T)
        each = len(states) // len(self.layers)
        for index, layer in enumerate(self.layers):
            initial = states[index * each : (index + 1) * each]
            y, *final = layer(y, initial_state=initial, mask=mask)
            finals += final
        return (y, *finals)

    def _both(self, inputs: list[Any], lengths: Any, upstream: list[Any]) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            results = self._network(inputs, lengths)
        return results, tape.gradient(results, [*inputs, *self.variables], upstream)

    def infer(self) -> None:
        self.results = self.network(self.inputs, self.lengths)

    def train(self) -> None:
        self.results, self.found = self.both(self.inputs, self.lengths, self.upstream)

    def forward(self) -> None:
        with tf.GradientTape() as self.tape:
            self.tape.watch(self.inputs)
            self.results = self.taped(self.inputs, self.lengths)

    def backward(self) -> None:
        self.found = self.tape.gradient(
            self.results, [*self.inputs, *self.variables], self.upstream
        )

    def outputs(self) -> Arrays:
        return self._collect(self.results, "y", "{}T")

    def gradients(self) -> Arrays:
        count = len(self.inputs)
        found = dict(self._collect(self.found[:count], "x", "{}0"))
        rest = [each.numpy() for each in self.found[count:]]
        suffixes = [suffix for _, _, suffix in self.problem.shape.layers()]
        each = len(rest) // len(suffixes)
        for index, suffix in enumerate(suffixes):
            found |= from_keras(self.problem, suffix, rest[index * each : (index + 1) * each])
        return found

    def _collect(self, tensors: Any, sequences: str, name: str) -> Arrays:
        """The arrays of what is ordered as ``_place`` does."""
        first, *rest = (tensor.numpy() for tensor in tensors)
        names = self.problem.cell.states
        states = {name.format(n): np.stack(rest[i :: len(names)]) for i, n in enumerate(names)}
        return {sequences: first.swapaxes(0, 1), **states}

    def step(self, workload: Workload, precision: str) -> Step:
        return step_of(workload.mode, self, precision, train=self.train)
