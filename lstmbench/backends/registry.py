"""Which backends there are, where each lives, and how a missing one is installed."""

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from ..errors import BackendUnavailable, UsageError, unknown
from .base import Backend


@dataclass(frozen=True)
class Entry:
    """One backend.

    Attributes:
        module: where it lives in this package.
        packages: what it needs; the first is the framework itself.
        install: the command that installs that.
        summary: what it is, in one line.
        timed: what is inside a timed call, and what is not.
        device: where it computes.
    """

    name: str
    module: str
    packages: tuple[str, ...]
    install: str
    summary: str
    timed: str
    device: str = "cpu"


BACKENDS = {
    entry.name: entry
    for entry in (
        Entry(
            "numba-cpu",
            "numba_cpu",
            ("numba",),
            "pip install numba",
            "the kernels of this project, on the CPU",
            "forward (infer) or forward and backward with every gradient (train), written into "
            "arrays that exist already; weights are packed when they are loaded, outside",
        ),
        Entry(
            "numpy",
            "numpy_cpu",
            ("numpy",),
            "pip install numpy",
            "vectorised NumPy: one input projection, one product a step",
            "one input projection for all steps, one product a step, the elementwise step; "
            "backward the same with one product each for dW, dR and dx; nothing is outside",
        ),
        Entry(
            "torch-cpu",
            "torch_cpu",
            ("torch",),
            "pip install torch==2.13.0",
            "torch.nn.RNN, LSTM and GRU, eager, on the CPU",
            "the module's forward under inference_mode (infer), or forward and autograd.grad for "
            "every parameter, the input and the states (train); PyTorch re-orders the weights at "
            "every call, inside; arrays become tensors once, outside",
        ),
        Entry(
            "onnxruntime-cpu",
            "onnxruntime_cpu",
            ("onnxruntime", "onnx"),
            "pip install onnxruntime onnx",
            "ONNX Runtime, CPU execution provider; inference only",
            "run_with_iobinding on arrays that exist already; building the session, which packs "
            "the weights, is outside",
        ),
        Entry(
            "openvino-cpu",
            "openvino_cpu",
            ("openvino", "onnx"),
            "pip install openvino onnx",
            "OpenVINO CPU plugin on the ONNX model; inference only",
            "infer of one request, float32 asked for, latency hint, one stream; compiling the "
            "model is outside",
        ),
        Entry(
            "jax-cpu",
            "jax_cpu",
            ("jax", "jaxlib"),
            "pip install jax",
            "JAX: lax.scan under jit, on the CPU",
            "the compiled function (infer), or the compiled vjp for every parameter, the input and "
            "the states (train), until its results are ready; tracing and compiling are outside",
        ),
        Entry(
            "fake",
            "fake",
            ("numpy",),
            "pip install numpy",
            "scripted times for tests and demonstrations; measures nothing",
            "nothing: the times are scripted",
            device="none",
        ),
    )
}


def entry(name: str) -> Entry:
    """The entry of a backend; raises ``UsageError`` with the nearest match."""
    if name not in BACKENDS:
        raise UsageError(unknown("backend", name, BACKENDS))
    return BACKENDS[name]


def missing(name: str) -> str | None:
    """Why a backend cannot be loaded, found without importing it; ``None`` where it can."""
    known = entry(name)
    absent = [package for package in known.packages if find_spec(package) is None]
    if absent:
        are = "is" if len(absent) == 1 else "are"
        return f"{' and '.join(absent)} {are} not installed; {known.install}"
    return None


def load(name: str) -> Backend:
    """Import a backend's framework and make the backend; raises ``BackendUnavailable``."""
    reason = missing(name)
    if reason is not None:
        raise BackendUnavailable(f"{name}: {reason}")
    module = import_module(f".{entry(name).module}", __package__)
    backend: Backend = module.make()
    return backend
