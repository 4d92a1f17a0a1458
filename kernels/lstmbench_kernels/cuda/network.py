"""A stack of layers × directions on the device: calls, and which plan each one follows."""

# T = seq_len, B = batch_size, H = hidden_size

from collections import OrderedDict
from collections.abc import Callable
from functools import cached_property
from typing import Any

from ..call import Call
from ..cells.layout import LAYOUTS
from ..spec import CellSpec, Shape
from . import ops, schedule
from .arrays import DeviceMemory
from .binding import bind_backward, bind_forward
from .limits import Limits
from .order import Order
from .precision import PRECISIONS
from .schedule import Plan, Sizes
from .weights import Weights
from .work import Launch, Operands, Work

WORKSPACES_KEPT = 4  # shapes whose buffers a layer keeps, the latest used


class CudaNetwork:
    """One network on the device.  Arrays come checked; see ``layer.py`` for the public face."""

    def __init__(self, cell: CellSpec, shape: Shape, dtype: str, algorithm: str) -> None:
        reason = ops.unavailable()
        if reason is not None:
            raise RuntimeError(f"device: 'cuda' cannot be used: {reason}")
        self.cell, self.shape, self.algorithm = cell, shape, algorithm
        self.layout, self.precision = LAYOUTS[cell.name], PRECISIONS[dtype]
        self.order = Order()
        self.weights = Weights(self.layout, shape, self.precision, self.order)
        self.memory = DeviceMemory(self.precision.dtype)
        self.algorithm_used: dict[str, str] = {}
        self._works: OrderedDict[tuple[int, int, bool], Work] = OrderedDict()

    @property
    def parameters(self) -> Any:
        """The state dict as it was loaded."""
        return self.weights.loaded

    @cached_property
    def limits(self) -> Limits:
        """Those of the device at hand."""
        found: Limits = ops.limits()
        return found

    def load(self, parameters: Any) -> None:
        """Copy and pack a state dict."""
        self.weights.load(parameters)

    # One call

    def forward(
        self, inputs: Operands, outputs: Operands, training: bool, call: Call, stream: Any
    ) -> Work:
        """Run all layers from ``x`` and the given initial states into y, hT (and cT).

        The same ``call`` means the very same arrays, and lengths, as when it came first.
        """
        self.order.go_on(stream)
        T, B, _ = inputs["x"].shape
        work = self._work(T, B, training)
        if not work.is_bound("forward", call):
            work.bind_lengths(call.lengths)
        self._run(
            "forward",
            work,
            inputs,
            outputs,
            call,
            lambda plan: bind_forward(work, plan, inputs, outputs, training),
        )
        return work

    def backward(
        self, work: Work, upstream: Operands, gradients: Operands, call: Call, stream: Any
    ) -> None:
        """Run all layers back from dy and the given state gradients; gates are written over."""
        self.order.go_on(stream)
        self._run(
            "backward",
            work,
            upstream,
            gradients,
            call,
            lambda plan: bind_backward(work, plan, upstream, gradients),
        )
        if work not in self._works.values():  # other shapes came between: nobody else has it
            self.order.let_go(work)
            self.order.settle()

    def _run(
        self,
        name: str,
        work: Work,
        read: Operands,
        written: Operands,
        call: Call,
        bind: Callable[[Plan], list[Launch]],
    ) -> None:
        stream = self.order.stream
        again = work.is_bound(name, call)
        if not again:
            self.order.let_go(work.bound.pop(name, None), work.graphs.pop(name, None))
            work.bound[name] = call, bind(self._plan(work, name))
            self.order.settle()
        for operand in read.values():
            if operand.host is not None:
                ops.upload(operand.address, operand.host, stream)
        launches = work.bound[name][1]

        def launch_all(onto: Any) -> None:
            for launch in launches:
                launch(onto)

        if again and self.rung(work, name) == "graph":
            if name not in work.graphs:  # everything was compiled by the first call
                work.graphs[name] = ops.capture(launch_all)
            work.graphs[name](stream)
        else:
            launch_all(stream)
        for operand in written.values():
            if operand.host is not None:
                ops.download(operand.host, operand.address, stream)

    def rung(self, work: Work, name: str) -> str:
        """Of the ladder: as asked for, or the faster one."""
        if name not in work.rungs:
            work.rungs[name] = (
                schedule.choose_rung(self.precision, self._sizes(work, name), self.limits)
                if self.algorithm == "auto"
                else self.algorithm
            )
        return work.rungs[name]

    def _work(self, T: int, B: int, training: bool) -> Work:
        key = T, B, training
        if key not in self._works:
            self._works[key] = Work(
                self.cell, self.shape, self.precision, self.weights, self.order, self.limits, T, B
            )
            while len(self._works) > WORKSPACES_KEPT:
                self.order.let_go(self._works.popitem(last=False))
        self._works.move_to_end(key)
        return self._works[key]

    def _sizes(self, work: Work, name: str) -> Sizes:
        H, h_slots = self.shape.hidden_size, len(self.layout.h_gates)
        rows, depth = (h_slots, H) if name == "forward" else (1, h_slots * H)
        return Sizes(H, rows, depth, work.batch, self.shape.num_directions)

    def _plan(self, work: Work, name: str) -> Plan:
        rung = self.rung(work, name)
        if name not in work.plans:  # to choose one takes a millisecond and more
            sizes = self._sizes(work, name)
            work.plans[name] = schedule.choose(self.precision, sizes, self.limits, rung)
        plan = work.plans[name]
        self.algorithm_used[name] = f"{rung}: {plan.describe()}"
        return plan
