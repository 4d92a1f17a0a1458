"""TensorRT: inference of the ONNX model as one engine.

Inside a timed call: ``execute_async_v3`` of an engine, on a stream of ours, of arrays that are on
the device already, into arrays that are there already, between two events, until the device is
done, as whoever serves a model in TensorRT calls it.  Outside: copies between host and device,
parsing the model and building the engine, which is reported as compilation.

The network is strongly typed: layers compute in the types of the model, float32 or float16, and
TensorRT may choose no other.  TF32, its default for float32, is off but in rows of tf32.  What its
ONNX parser does not take is the reason of the row.
"""

import time
from math import prod
from typing import Any

import tensorrt

from lstmbench_kernels.problem import Problem

from ..errors import BackendUnavailable
from ..machine import nvml
from ..timing.clock import WallClock
from ..workload import Workload
from . import onnx_model
from .base import Arrays, Compilation, Step
from .cuda_stream import CudaStream, Memory, device
from .device_call import FLUSHED_BYTES, Stream, on_device


class EngineStep:
    """An engine with its arrays on the device, which live as long as this object."""

    def __init__(self, engine: Any, problem: Problem) -> None:
        self.engine = engine
        self.stream = CudaStream()
        self._problem = problem
        self._context = engine.create_execution_context()
        self._feeds = onnx_model.feeds(problem)
        self._given = {name: Memory.of(array) for name, array in self._feeds.items()}
        names = [engine.get_tensor_name(number) for number in range(engine.num_io_tensors)]
        self._shapes = {
            name: tuple(engine.get_tensor_shape(name)) for name in names if name not in self._given
        }
        self._dtype = problem.inputs["x"].dtype
        self._made = {
            name: Memory(prod(shape) * self._dtype.itemsize) for name, shape in self._shapes.items()
        }
        for name, memory in {**self._given, **self._made}.items():
            self._context.set_tensor_address(name, memory.address)

    def infer(self) -> None:
        if not self._context.execute_async_v3(self.stream.handle):
            raise RuntimeError("TensorRT: execute_async_v3 failed; its log says why")

    def _found(self) -> Arrays:
        return {
            name: self._made[name].to_host(shape, self._dtype)
            for name, shape in self._shapes.items()
        }

    def outputs(self) -> Arrays:
        return onnx_model.outputs(self._problem, self._found())

    def upload(self) -> int:
        """Copy what the engine is given to the device once more; the bytes."""
        return sum(Memory.of(array).nbytes for array in self._feeds.values())

    def download(self) -> int:
        """Copy what it made to the host; the bytes."""
        return sum(array.nbytes for array in self._found().values())


class TensorRt:
    """TensorRT on the first device."""

    name = "tensorrt"

    def __init__(self) -> None:
        self.version = str(tensorrt.__version__)
        self.clock = WallClock()
        self._logger = tensorrt.Logger(tensorrt.Logger.WARNING)
        self._runtime = tensorrt.Runtime(self._logger)
        self._compiled = Compilation(0, 0.0)

    def prepare(self, workload: Workload, problem: Problem) -> Step:
        if workload.mode != "infer":
            raise BackendUnavailable(f"{self.name}: has no training")
        tf32 = workload.dtype == "tf32"
        engine = self._build(onnx_model.build(problem), tf32=tf32)
        made = EngineStep(engine, problem)
        arithmetic = f"a strongly typed network, built with TF32 {'on' if tf32 else 'off'}"
        facts, uuid = device()
        flushed = Memory(FLUSHED_BYTES)
        return on_device(
            Step(made.infer, made.outputs, f"{workload.dtype}: {arithmetic}"),
            Stream(made.stream.record, made.stream.elapsed, made.stream.wait),
            device=facts,
            clocks=nvml.reader(uuid),
            meter=nvml.meter(uuid),
            algorithm=lambda: {"forward": f"an engine of {engine.num_layers} layers"},
            upload=made.upload,
            download=made.download,
            flush=lambda: made.stream.clear(flushed),
        )

    def _build(self, model: bytes, *, tf32: bool) -> Any:
        """The engine of a model; raises ``BackendUnavailable`` with what the parser lacks."""
        start = time.perf_counter()
        builder = tensorrt.Builder(self._logger)
        typed = 1 << int(tensorrt.NetworkDefinitionCreationFlag.STRONGLY_TYPED)
        network = builder.create_network(typed)
        parser = tensorrt.OnnxParser(network, self._logger)
        if not parser.parse(model):
            told = [parser.get_error(number).desc() for number in range(parser.num_errors)]
            raise BackendUnavailable(f"{self.name}: its ONNX parser: {'; '.join(told)}")
        config = builder.create_builder_config()
        if tf32:
            config.set_flag(tensorrt.BuilderFlag.TF32)
        else:
            config.clear_flag(tensorrt.BuilderFlag.TF32)
        built = builder.build_serialized_network(network, config)
        if built is None:
            raise RuntimeError("TensorRT built no engine; its log says why")
        engine = self._runtime.deserialize_cuda_engine(built)
        seconds = self._compiled.seconds + time.perf_counter() - start
        self._compiled = Compilation(self._compiled.count + 1, seconds)
        return engine

    def compilation(self) -> Compilation | None:
        return self._compiled


def make() -> TensorRt:
    return TensorRt()
