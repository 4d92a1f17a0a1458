"""The public layers: a stack of recurrent layers × directions, forward and backward.

Arrays are time-major: ``x (T, B, I)``, ``y (T, B, D*H)``, states ``(L*D, B, H)``.  Parameters have
the names and shapes of ``torch.nn.RNN``, ``LSTM`` and ``GRU``.  The equations: kernels/README.md.
"""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, D = num_directions, L = num_layers

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from . import spec
from .call import Call, describe, leaves
from .check import (
    check_array,
    check_choice,
    check_dtype,
    check_lengths,
    check_names,
    check_size,
    check_sizes,
    parameter_symbols,
    whole_numbers,
)
from .dtypes import ARRAY_DTYPES, numpy_dtype
from .memory import HostMemory
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
        algorithm: str = "auto",
    ) -> None:
        self.device = check_choice("device", device, ("cpu", "cuda"))
        self.shape = check_sizes(input_size, hidden_size, num_layers, bidirectional, bias)
        self.dtype = check_dtype(dtype, self.device)
        self._array_dtype = numpy_dtype(ARRAY_DTYPES[self.dtype]).name
        self._network: Any
        self._memory: Any
        if self.device == "cpu":
            self._use_cpu(num_threads, algorithm)
        else:
            self._use_cuda(num_threads, algorithm)
        symbols = parameter_symbols(self._cell, self.shape)
        self._parameters = {  # kept: training loads weights at every step
            name: (symbols[name], dims)
            for name, dims in spec.parameter_shapes(self._cell, self.shape).items()
        }
        self._tape: tuple[Call, Any] | None = None
        self._calls: dict[str, Call] = {}
        self.load_state_dict(
            initial_parameters(self._cell, self.shape, dtype=self._array_dtype, seed=seed)
        )

    def _use_cpu(self, num_threads: int | None, algorithm: str) -> None:
        from .cpu.host import physical_cores
        from .cpu.network import CpuNetwork

        check_choice("algorithm", algorithm, ("auto",))
        self.num_threads = (
            physical_cores() if num_threads is None else check_size("num_threads", num_threads)
        )
        self._network = CpuNetwork(self._cell, self.shape, self.dtype, self.num_threads)
        self._memory = HostMemory(self._array_dtype)

    def _use_cuda(self, num_threads: int | None, algorithm: str) -> None:
        from .cuda.network import CudaNetwork
        from .cuda.schedule import ALGORITHMS

        if num_threads is not None:
            raise ValueError(f"num_threads: expected None on 'cuda', got {num_threads!r}")
        check_choice("algorithm", algorithm, ALGORITHMS)
        self._network = CudaNetwork(self._cell, self.shape, self.dtype, algorithm)
        self._memory = self._network.memory

    @property
    def algorithm_used(self) -> Mapping[str, str]:
        """On a GPU, how the latest ``forward`` and ``backward`` were laid out; else empty."""
        found: Mapping[str, str] = getattr(self._network, "algorithm_used", {})
        return found

    def load_state_dict(self, parameters: Mapping[str, Array]) -> None:
        """Copy and pack the weights.

        Raises:
            ValueError: a name is missing or unexpected, or a shape is wrong.
            TypeError: a value is not a NumPy array of this layer's dtype.
        """
        check_names(parameters, self._parameters, "load_state_dict")
        self._network.load(
            {
                name: check_array(name, parameters[name], symbols, dims, self._array_dtype)
                for name, (symbols, dims) in self._parameters.items()
            }
        )
        self._tape = None

    def state_dict(self) -> dict[str, Array]:
        """Copies of the weights as they were loaded."""
        return {name: array.copy() for name, array in self._network.parameters.items()}

    def forward(
        self,
        x: Any,
        states: Any = None,
        *,
        lengths: Any = None,
        training: bool = False,
        out: Any = None,
        stream: Any = None,
    ) -> tuple[Any, Any]:
        """Run a batch of sequences: ``(y, states)``.

        Args:
            x: ``(T, B, I)``.
            states: initial states ``(L*D, B, H)``, zeros where None: ``(h0, c0)`` for an LSTM,
                ``h0`` for the others.
            lengths: how many steps of each sequence are valid, ``(B,)`` whole numbers from 1 to T;
                all T where None.  Beyond them ``x`` is not read, ``y`` is zero, and so is the
                gradient of ``x``; the final states are those of each sequence's own last step,
                which is where the direction back in time begins.
            training: keep what ``backward`` needs.  ``x``, the initial states and ``y`` must then
                stay as they are until ``backward`` has been called.
            out: arrays to write into: ``y``, or ``(y, states)`` as this function returns them.
            stream: on a GPU, where to run: a stream of PyTorch, CuPy or Numba, or its handle.

        On a GPU, arrays may lie there (anything with ``__dlpack__`` or
        ``__cuda_array_interface__``): they are used where they are, and the call returns before its
        results are ready.  NumPy arrays are copied there and back, and the call waits.
        """
        given = leaves(x, states, out)
        valid = None if lengths is None else whole_numbers("lengths", lengths)
        call = self._calls.get("forward")
        if call is None or not call.repeats(given, valid):
            call = self._prepare_forward(given, x, states, out, valid)
            self._calls["forward"] = call
        if self._tape is not None and self._memory.overlap(
            self._tape[0].written["y"], call.written["y"]
        ):
            self._tape = None
        work = self._network.forward(call.read, call.written, training, call, *self._on(stream))
        if training:
            self._tape = call, work
        if not call.whole:  # the next call must not write over what this one returns
            del self._calls["forward"]
        return call.results["y"], call.states

    def _on(self, stream: Any) -> tuple[Any, ...]:
        """The stream, where the device has such."""
        if self.device == "cuda":
            return (stream,)
        if stream is not None:
            raise ValueError(f"stream: expected None on 'cpu', got {stream!r}")
        return ()

    def _prepare_forward(
        self, given: list[Any], x: Any, states: Any, out: Any, lengths: Array | None
    ) -> Call:
        dims = ("T", "B", self.shape.input_size)
        taken = self._memory.take("x", x, "(T, B, I)", dims, rows=True)
        shape = replace(self.shape, seq_len=taken.shape[0], batch_size=taken.shape[1])
        if lengths is not None:
            check_lengths(lengths, shape)
        inputs = {"x": taken, **self._states("0", states, shape)}
        outputs = self._outputs(out, shape, x)
        self._check_apart(inputs, outputs)
        call = Call(given, inputs, outputs, shape, self._memory, lengths)
        states = tuple(call.results[state + "T"] for state in self._cell.states)
        call.states = states if len(states) > 1 else states[0]
        return call

    def backward(
        self,
        dy: Any,
        dstates: Any = None,
        *,
        out: Mapping[str, Any] | None = None,
        input_gradient: bool = True,
        stream: Any = None,
    ) -> dict[str, Any]:
        """Gradients of x, the initial states and every parameter, by name.

        Goes back through the latest ``forward(..., training=True)``, once.

        Args:
            dy: the gradient that arrives at y, ``(T, B, D*H)``.
            dstates: the gradients that arrive at the final states, zeros where None: ``(dhT, dcT)``
                for an LSTM, ``dhT`` for the others.
            out: arrays to write into, as this function returns them.
            input_gradient: without it that of x is left out, and so is the time it takes.
            stream: as for ``forward``.

        Raises:
            RuntimeError: there is no such forward, or it has been gone back through.
        """
        if self._tape is None:
            raise RuntimeError(
                "backward: nothing to go back through; call forward(..., training=True) before each"
            )
        forward, work = self._tape
        x, y = forward.read["x"], forward.written["y"]
        given = leaves(dy, dstates, out, input_gradient, x, y)
        call = self._calls.get("backward")
        if call is None or not call.repeats(given):
            call = self._prepare_backward(given, forward, dy, dstates, out, input_gradient)
            self._calls["backward"] = call
        self._tape = None
        self._network.backward(work, call.read, call.written, call, *self._on(stream))
        if not call.whole:
            del self._calls["backward"]
        return call.results

    def _prepare_backward(
        self,
        given: list[Any],
        forward: Call,
        dy: Any,
        dstates: Any,
        out: Mapping[str, Any] | None,
        input_gradient: bool,
    ) -> Call:
        dims = spec.output_shapes(self._cell, forward.shape)["y"]
        taken = self._memory.take("dy", dy, _OUTPUT, dims, rows=True)
        upstream = {"dy": taken, **self._states("T", dstates, forward.shape, prefix="d")}
        wanted = spec.gradient_shapes(self._cell, forward.shape)
        if not input_gradient:
            del wanted["x"]
        gradients = self._gradients(out, wanted, dy)
        self._check_apart({**upstream, **forward.read, "y": forward.written["y"]}, gradients)
        return Call(given, upstream, gradients, forward.shape, self._memory)

    def _states(self, end: str, given: Any, shape: Shape, prefix: str = "") -> dict[str, Any]:
        """The states that were given, by name; the rest are zeros."""
        names = [prefix + state + end for state in self._cell.states]
        if given is None:
            return {}
        if len(names) > 1:
            if not isinstance(given, tuple | list) or len(given) != len(names):
                raise TypeError(f"states: expected ({', '.join(names)}), got {describe(given)}")
            values = list(given)
        else:
            values = [given]
        dims = spec.input_shapes(self._cell, shape)["h0"]
        return {
            name: self._memory.take(name, value, _STATE, dims, rows=False)
            for name, value in zip(names, values, strict=True)
            if value is not None
        }

    def _outputs(self, out: Any, shape: Shape, like: Any) -> dict[str, Any]:
        """y and the final states: the caller's where given."""
        dims = spec.output_shapes(self._cell, shape)
        given: dict[str, Any] = {}
        if isinstance(out, tuple | list):
            if len(out) != 2:
                raise TypeError(f"out: expected y or (y, states), got {describe(out)}")
            given["y"], states = out
            several = isinstance(states, tuple | list)
            if several != (len(self._cell.states) > 1) or (
                several and len(states) != len(self._cell.states)
            ):
                names = ", ".join(state + "T" for state in self._cell.states)
                raise TypeError(f"out: expected the states ({names}), got {describe(states)}")
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
                outputs[name] = self._memory.take_out(name, given[name], symbols, wanted)
            else:
                outputs[name] = self._memory.make(wanted, like)
        self._check_distinct(outputs)
        return outputs

    def _gradients(
        self, out: Mapping[str, Any] | None, dims: Mapping[str, spec.Dims], like: Any
    ) -> dict[str, Any]:
        if out is None:
            return {name: self._memory.make(wanted, like) for name, wanted in dims.items()}
        check_names(out, dims, "out")
        symbols = {
            "x": "(T, B, I)",
            **{state + "0": _STATE for state in self._cell.states},
            **parameter_symbols(self._cell, self.shape),
        }
        # By the caller's own names: a call is known again by its very objects.
        gradients = {
            name: self._memory.take_out(name, array, symbols[name], dims[name])
            for name, array in out.items()
        }
        self._check_distinct(gradients)
        return gradients

    def _check_apart(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> None:
        """No output overlaps an input: other rows of it may still be read."""
        for name, output in outputs.items():
            for other, value in inputs.items():
                if self._memory.overlap(output, value):
                    raise ValueError(f"out: {name} shares memory with {other}; pass another array")

    def _check_distinct(self, outputs: Mapping[str, Any]) -> None:
        names = list(outputs)
        for n, name in enumerate(names):
            for other in names[:n]:
                if self._memory.overlap(outputs[name], outputs[other]):
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
        algorithm: str = "auto",
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
            algorithm=algorithm,
        )


class LSTM(Recurrent):
    """A stack of LSTM layers."""

    _cell = spec.LSTM


class GRU(Recurrent):
    """A stack of GRU layers; the reset gate is applied after the product."""

    _cell = spec.GRU
