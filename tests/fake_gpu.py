"""A CUDA runtime whose device is this machine's memory, and a TensorRT that ONNX Runtime plays.

What an adapter copies, binds and launches is carried out, so that its results can be verified; what
only a GPU could tell, such as how long a call took, is made up.
"""

import ctypes
from types import SimpleNamespace

import numpy as np

# What the made-up runtime says for success and for a failure.
SUCCESS, REFUSED = 0, 2


class Runtime:
    """cuda.bindings.runtime, with what was asked of it in ``log``."""

    cudaError_t = SimpleNamespace(cudaSuccess=SUCCESS)  # noqa: N815  CUDA's name
    cudaMemcpyKind = SimpleNamespace(  # noqa: N815  CUDA's name
        cudaMemcpyHostToDevice="to device", cudaMemcpyDeviceToHost="to host"
    )

    def __init__(self, refuse=()):
        self.log = []
        self.held = {}
        self.refuse = refuse
        self.moment = 0.0

    def _answer(self, name, *found):
        self.log.append(name)
        return (REFUSED, None) if name in self.refuse else (SUCCESS, *found)

    def cudaGetErrorString(self, error):  # noqa: N802  CUDA's names, here and below
        return SUCCESS, f"error {error}: out of memory".encode()

    def cudaStreamCreate(self):  # noqa: N802
        return self._answer("cudaStreamCreate", 7)

    def cudaStreamSynchronize(self, stream):  # noqa: N802
        return self._answer(f"wait for {stream}")

    def cudaEventCreate(self):  # noqa: N802
        return self._answer("cudaEventCreate", SimpleNamespace())

    def cudaEventRecord(self, event, stream):  # noqa: N802
        self.moment += 1.5
        event.at = self.moment
        return self._answer(f"event on {stream}")

    def cudaEventElapsedTime(self, first, last):  # noqa: N802
        return self._answer("cudaEventElapsedTime", last.at - first.at)

    def cudaMalloc(self, nbytes):  # noqa: N802
        buffer = ctypes.create_string_buffer(max(nbytes, 1))
        self.held[ctypes.addressof(buffer)] = buffer
        return self._answer("cudaMalloc", ctypes.addressof(buffer))

    def cudaFree(self, address):  # noqa: N802
        del self.held[address]
        return self._answer("cudaFree")

    def cudaMemcpy(self, target, source, nbytes, kind):  # noqa: N802
        ctypes.memmove(target, source, nbytes)
        return self._answer(f"copy {kind}")

    def cudaMemsetAsync(self, address, value, nbytes, stream):  # noqa: N802
        ctypes.memset(address, value, nbytes)
        return self._answer(f"clear on {stream}")

    def cudaGetDeviceProperties(self, _number):  # noqa: N802
        facts = SimpleNamespace(
            name=b"Imaginary",
            major=9,
            minor=0,
            multiProcessorCount=132,
            totalGlobalMem=2**37,
            uuid=SimpleNamespace(bytes=bytes(range(16))),
        )
        return self._answer("cudaGetDeviceProperties", facts)


def array_at(address, shape, dtype):
    """The array that lies at an address."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.frombuffer((ctypes.c_char * size).from_address(address), dtype).reshape(shape)


class Engine:
    """An engine, and its context, that ONNX Runtime runs on the CPU."""

    num_layers = 12

    def __init__(self, model):
        import onnxruntime

        self._session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        self._values = {v.name: v for v in (*self._session.get_inputs(), *self.outputs)}
        self.num_io_tensors = len(self._values)
        self.addresses = {}
        self.streams = []

    @property
    def outputs(self):
        return self._session.get_outputs()

    def create_execution_context(self):
        return self

    def get_tensor_name(self, number):
        return list(self._values)[number]

    def get_tensor_shape(self, name):
        return self._values[name].shape

    def set_tensor_address(self, name, address):
        self.addresses[name] = address

    def _array(self, name):
        kinds = {"tensor(int32)": "int32", "tensor(float16)": "float16"}
        value = self._values[name]
        return array_at(self.addresses[name], value.shape, kinds.get(value.type, "float32"))

    def execute_async_v3(self, stream):
        self.streams.append(stream)
        given = {each.name: self._array(each.name) for each in self._session.get_inputs()}
        names = [each.name for each in self.outputs]
        for name, found in zip(names, self._session.run(names, given), strict=True):
            self._array(name)[...] = found
        return True


class TensorRt:
    """The module ``tensorrt``; what it was asked for is in its attributes.

    Attributes:
        complaint: what its parser says against every model, or nothing.
        builds: whether it can build an engine.
    """

    __version__ = "11.4.0"
    NetworkDefinitionCreationFlag = SimpleNamespace(STRONGLY_TYPED=1)
    BuilderFlag = SimpleNamespace(TF32="TF32")

    def __init__(self, complaint=None, builds=True):
        self.complaint, self.builds = complaint, builds
        self.flags, self.network_flags, self.engines = {"TF32"}, [], []

    class Logger:
        WARNING = "warning"

        def __init__(self, severity):
            self.severity = severity

    def Runtime(self, _logger):  # noqa: N802  TensorRT's names, here and below
        def deserialize(model):
            self.engines.append(Engine(model))
            return self.engines[-1]

        return SimpleNamespace(deserialize_cuda_engine=deserialize)

    def Builder(self, _logger):  # noqa: N802
        config = SimpleNamespace(set_flag=self.flags.add, clear_flag=self.flags.discard)

        def create_network(flags):
            self.network_flags.append(flags)
            return SimpleNamespace(model=None)

        return SimpleNamespace(
            create_network=create_network,
            create_builder_config=lambda: config,
            build_serialized_network=lambda network, _c: network.model if self.builds else None,
        )

    def OnnxParser(self, network, _logger):  # noqa: N802
        def parse(model):
            network.model = model
            return self.complaint is None

        return SimpleNamespace(
            parse=parse,
            num_errors=1,
            get_error=lambda _number: SimpleNamespace(desc=lambda: self.complaint),
        )
