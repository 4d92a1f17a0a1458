"""The public layers: a stack of recurrent layers × directions, forward and backward.

Arrays are time-major: ``x (T, B, I)``, ``y (T, B, D*H)``, states ``(L*D, B, H)``.  Parameters have
the names and shapes of ``torch.nn.RNN``, ``LSTM`` and ``GRU``.  The equations: kernels/README.md.
"""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, D = num_directions, L = num_layers

from collections.abc import Mapping
from dataclasses import replace
from operator import is_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import spec
from .check import (
    check_array,
    check_choice,
    check_dtype,
    check_names,
    check_out,
    check_size,
    parameter_symbols,
)
from .problem import initial_parameters
from .spec import CellSpec, Shape

Array = NDArray[Any]

_STATE, _OUTPUT = "(L*D, B, H)", "(T, B, D*H)"


class Recurrent:
    """What RNN, LSTM and GRU share.  Not safe to call from two threads at once."""

    _cell: CellSpec

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        bidirectional: bool = False,
        bias: bool = True,
        dtype: Any = "float32",
        device: str = "cpu",
        num_threads: int | None = None,
        seed: int = 0,
    ) -> None:
        if device != "cpu":
            raise ValueError(
                f"device: expected 'cpu', got {device!r}; no other device is built yet"
            )
        from .cpu.host import physical_cores
        from .cpu.network import CpuNetwork

        self.shape = Shape(
            seq_len=1,
            batch_size=1,
            input_size=check_size("input_size", input_size),
            hidden_size=check_size("hidden_size", hidden_size),
            num_layers=check_size("num_layers", num_layers),
            bidirectional=bool(bidirectional),
            bias=bool(bias),
        )
        self.dtype = check_dtype(dtype)
        self.device = device
        self.num_threads = (
            physical_cores() if num_threads is None else check_size("num_threads", num_threads)
        )
        self._network = CpuNetwork(self._cell, self.shape, self.dtype, self.num_threads)
        self._tape: tuple[_Call, Any] | None = None
        self._calls: dict[str, _Call] = {}
        self.load_state_dict(
            initial_parameters(self._cell, self.shape, dtype=self.dtype, seed=seed)
        )

    def load_state_dict(self, parameters: Mapping[str, Array]) -> None:
        """Copy and pack the weights.

        Raises:
            ValueError: a name is missing or unexpected, or a shape is wrong.
            TypeError: a value is not a NumPy array of this layer's dtype.
        """
        shapes = spec.parameter_shapes(self._cell, self.shape)
        symbols = parameter_symbols(self._cell, self.shape)
        check_names(parameters, shapes, "load_state_dict")
        self._network.load(
            {
                name: check_array(name, parameters[name], symbols[name], dims, self.dtype)
                for name, dims in shapes.items()
            }
        )
        self._tape = None

    def state_dict(self) -> dict[str, Array]:
        """Copies of the weights as they were loaded."""
        return {name: array.copy() for name, array in self._network.parameters.items()}

    def forward(
        self, x: Array, states: Any = None, *, training: bool = False, out: Any = None
    ) -> tuple[Array, Any]:
        """Run a batch of sequences: ``(y, states)``.

        Args:
            x: ``(T, B, I)``.
            states: initial states ``(L*D, B, H)``, zeros where None: ``(h0, c0)`` for an LSTM,
                ``h0`` for the others.
            training: keep what ``backward`` needs.  ``x``, the initial states and ``y`` must then
                stay as they are until ``backward`` has been called.
            out: arrays to write into: ``y``, or ``(y, states)`` as this function returns them.
        """
        given = _leaves(x, states, out)
        call = self._calls.get("forward")
        if call is None or not call.repeats(given):
            call = self._calls["forward"] = self._prepare_forward(given, x, states, out)
        if self._tape is not None and np.may_share_memory(
            self._tape[0].written["y"], call.written["y"]
        ):
            self._tape = None
        work = self._network.forward(call.read, call.written, training, call)
        if training:
            self._tape = call, work
        if not call.whole:  # the next call must not write over what this one returns
            del self._calls["forward"]
        return call.written["y"], self._structure("T", call.written)

    def _prepare_forward(self, given: list[Any], x: Array, states: Any, out: Any) -> "_Call":
        dims = ("T", "B", self.shape.input_size)
        x = check_array("x", x, "(T, B, I)", dims, self.dtype)
        shape = replace(self.shape, seq_len=x.shape[0], batch_size=x.shape[1])
        inputs = {"x": _rows(x), **self._states("0", states, shape)}
        outputs = self._outputs(out, shape)
        _check_apart(inputs, outputs)
        return _Call(given, inputs, outputs, shape)

    def backward(
        self, dy: Array, dstates: Any = None, *, out: Mapping[str, Array] | None = None
    ) -> dict[str, Array]:
        """Gradients of x, the initial states and every parameter, by name.

        Goes back through the latest ``forward(..., training=True)``, once.

        Args:
            dy: the gradient that arrives at y, ``(T, B, D*H)``.
            dstates: the gradients that arrive at the final states, zeros where None: ``(dhT, dcT)``
                for an LSTM, ``dhT`` for the others.
            out: arrays to write into, as this function returns them.

        Raises:
            RuntimeError: there is no such forward, or it has been gone back through.
        """
        if self._tape is None:
            raise RuntimeError(
                "backward: nothing to go back through; call forward(..., training=True) before each"
            )
        forward, work = self._tape
        given = _leaves(dy, dstates, out, forward.read["x"], forward.written["y"])
        call = self._calls.get("backward")
        if call is None or not call.repeats(given):
            call = self._prepare_backward(given, forward, dy, dstates, out)
            self._calls["backward"] = call
        self._tape = None
        self._network.backward(work, call.read, call.written, call)
        if not call.whole:
            del self._calls["backward"]
        return call.written

    def _prepare_backward(
        self,
        given: list[Any],
        forward: "_Call",
        dy: Array,
        dstates: Any,
        out: Mapping[str, Array] | None,
    ) -> "_Call":
        dims = spec.output_shapes(self._cell, forward.shape)["y"]
        dy = check_array("dy", dy, _OUTPUT, dims, self.dtype)
        upstream = {"dy": _rows(dy), **self._states("T", dstates, forward.shape, prefix="d")}
        gradients = self._gradients(out, forward.shape)
        _check_apart({**upstream, **forward.read, "y": forward.written["y"]}, gradients)
        return _Call(given, upstream, gradients, forward.shape)

    def _states(self, end: str, given: Any, shape: Shape, prefix: str = "") -> dict[str, Array]:
        """The states that were given, by name; the rest are zeros."""
        names = [prefix + state + end for state in self._cell.states]
        if given is None:
            return {}
        if len(names) > 1:
            if not isinstance(given, tuple | list) or len(given) != len(names):
                raise TypeError(f"states: expected ({', '.join(names)}), got {_describe(given)}")
            values = list(given)
        else:
            values = [given]
        dims = spec.input_shapes(self._cell, shape)["h0"]
        return {
            name: np.ascontiguousarray(check_array(name, value, _STATE, dims, self.dtype))
            for name, value in zip(names, values, strict=True)
            if value is not None
        }

    def _structure(self, end: str, arrays: Mapping[str, Array]) -> Any:
        states = tuple(arrays[state + end] for state in self._cell.states)
        return states if len(states) > 1 else states[0]

    def _outputs(self, out: Any, shape: Shape) -> dict[str, Array]:
        """y and the final states: the caller's where given."""
        dims = spec.output_shapes(self._cell, shape)
        given: dict[str, Any] = {}
        if isinstance(out, tuple | list):
            if len(out) != 2:
                raise TypeError(f"out: expected y or (y, states), got {_describe(out)}")
            given["y"], states = out
            several = isinstance(states, tuple | list)
            if several != (len(self._cell.states) > 1) or (
                several and len(states) != len(self._cell.states)
            ):
                names = ", ".join(state + "T" for state in self._cell.states)
                raise TypeError(f"out: expected the states ({names}), got {_describe(states)}")
            for state, value in zip(
                self._cell.states, states if several else [states], strict=True
            ):
                given[state + "T"] = value
        elif out is not None:
            given["y"] = out
        outputs = {}
        for name, wanted in dims.items():
            if name in given:
                symbols = _OUTPUT if name == "y" else _STATE
                outputs[name] = check_out(name, given[name], symbols, wanted, self.dtype)
            else:
                outputs[name] = np.empty(wanted, self.dtype)
        _check_distinct(outputs)
        return outputs

    def _gradients(self, out: Mapping[str, Array] | None, shape: Shape) -> dict[str, Array]:
        dims = spec.gradient_shapes(self._cell, shape)
        if out is None:
            return {name: np.empty(wanted, self.dtype) for name, wanted in dims.items()}
        check_names(out, dims, "out")
        symbols = {
            "x": "(T, B, I)",
            **{state + "0": _STATE for state in self._cell.states},
            **parameter_symbols(self._cell, shape),
        }
        # By the caller's own names: a call is known again by its very objects.
        gradients = {
            name: check_out(name, array, symbols[name], dims[name], self.dtype)
            for name, array in out.items()
        }
        _check_distinct(gradients)
        return gradients


class _Call:
    """The arrays of one call, checked: those it reads, and those it writes.

    A call that is given the very same arrays again need not be checked and bound again, which takes
    longer than a small network.
    """

    def __init__(
        self, given: list[Any], read: dict[str, Array], written: dict[str, Array], shape: Shape
    ) -> None:
        self.given, self.read, self.written, self.shape = given, read, written, shape
        self.dims = [np.shape(item) for item in given if isinstance(item, np.ndarray)]
        # Only where nothing was copied or made can the next call use the same arrays.
        own = {id(item) for item in given}
        arrays = [*read.values(), *written.values()]
        self.whole = all(id(array) in own for array in arrays)

    def repeats(self, given: list[Any]) -> bool:
        """Whether these are the same objects in the same places, of unchanged shapes."""
        return (
            len(given) == len(self.given)
            and all(map(is_, given, self.given))
            and [item.shape for item in given if isinstance(item, np.ndarray)] == self.dims
        )


def _leaves(*values: Any) -> list[Any]:
    """Everything inside nested tuples, lists and dictionaries, and their outlines."""
    leaves: list[Any] = []
    for value in values:
        if isinstance(value, tuple | list):
            leaves += [len(value), *_leaves(*value)]
        elif isinstance(value, dict):
            leaves += [len(value), *value, *value.values()]
        else:
            leaves.append(value)
    return leaves


def _rows(array: Array) -> Array:
    """The array, copied only where its last axis is not contiguous."""
    return array if array.strides[-1] == array.itemsize else np.ascontiguousarray(array)


def _describe(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"{len(value)} items"
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _check_apart(inputs: Mapping[str, Array], outputs: Mapping[str, Array]) -> None:
    """No output overlaps an input: other rows of it may still be read."""
    for name, output in outputs.items():
        for other, value in inputs.items():
            if np.may_share_memory(output, value):
                raise ValueError(f"out: {name} shares memory with {other}; pass another array")


def _check_distinct(outputs: Mapping[str, Array]) -> None:
    names = list(outputs)
    for n, name in enumerate(names):
        for other in names[:n]:
            if np.may_share_memory(outputs[name], outputs[other]):
                raise ValueError(f"out: {name} shares memory with {other}; pass another array")


class RNN(Recurrent):
    """A stack of Elman layers, ``tanh`` or ``relu``."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        nonlinearity: str = "tanh",
        bidirectional: bool = False,
        bias: bool = True,
        dtype: Any = "float32",
        device: str = "cpu",
        num_threads: int | None = None,
        seed: int = 0,
    ) -> None:
        self.nonlinearity = check_choice("nonlinearity", nonlinearity, ("tanh", "relu"))
        self._cell = spec.CELLS[f"rnn-{nonlinearity}"]
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bidirectional=bidirectional,
            bias=bias,
            dtype=dtype,
            device=device,
            num_threads=num_threads,
            seed=seed,
        )


class LSTM(Recurrent):
    """A stack of LSTM layers."""

    _cell = spec.LSTM


class GRU(Recurrent):
    """A stack of GRU layers; the reset gate is applied after the product."""

    _cell = spec.GRU
