"""The table of backends: where each lives, what it needs, and what its timed call is."""

from dataclasses import dataclass

from ..workload import DTYPES


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
        dtypes: the precisions that it computes in.
        ragged: whether it takes sequences of unequal lengths.
        arguments: what its module's ``make`` is given.
        distribution: what its first package must be of, where one without a GPU has the same name.
        environment: what is set for the process before anything of the framework is loaded.
    """

    name: str
    module: str
    packages: tuple[str, ...]
    install: str
    summary: str
    timed: str
    device: str = "cpu"
    dtypes: tuple[str, ...] = ("float32", "float64")
    ragged: bool = False
    arguments: tuple[str, ...] = ()
    distribution: str = ""
    environment: tuple[tuple[str, str], ...] = ()


_CUDA_CALL = (
    "forward (infer) or forward and backward with every gradient (train) of arrays that are on the "
    "device already, into arrays that are there already, between two events, until the device is "
    "done; copies between host and device, and packing the weights, are outside"
)


_ON_DEVICE = (
    "of arrays that are on the device already, into arrays that are there already, between two "
    "events, until the device is done; copies between host and device are outside"
)
_CUDA_STREAM = "cuda.bindings"


def _onnxruntime_cuda(
    provider: str, packages: tuple[str, ...], dtypes: tuple[str, ...], summary: str
) -> Entry:
    """One of ONNX Runtime's execution providers on the GPU."""
    wanted = " ".join(("'onnxruntime-gpu[cuda,cudnn]' onnx", *packages, "'lstmbench[cuda]'"))
    return Entry(
        f"onnxruntime-{provider}",
        "onnxruntime_cuda",
        ("onnxruntime", "onnx", *packages, _CUDA_STREAM),
        f"pip install {wanted}",
        summary,
        f"run_with_iobinding {_ON_DEVICE}, and so is building the session, which packs the "
        "weights; TF32 is off",
        device="cuda",
        dtypes=dtypes,
        ragged=True,
        arguments=(f"onnxruntime-{provider}",),
        distribution="onnxruntime-gpu",
        environment=(("NVIDIA_TF32_OVERRIDE", "0"),),
    )


def _numba_cuda(rung: str, summary: str) -> Entry:
    """One rung of the ladder of our CUDA kernels; ``auto`` chooses among them by the sizes."""
    return Entry(
        "numba-cuda" if rung == "auto" else f"numba-cuda-{rung}",
        "numba_cuda",
        ("numba_cuda",),
        "pip install 'lstmbench[cuda]'",
        summary,
        _CUDA_CALL,
        device="cuda",
        dtypes=DTYPES,
        ragged=True,
        arguments=(rung,),
    )


# TF32 is of GPUs.
HALVES = ("float32", "float64", "float16", "bfloat16")

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
            ragged=True,
        ),
        Entry(
            "numpy",
            "numpy_cpu",
            ("numpy",),
            "pip install numpy",
            "vectorised NumPy: one input projection, one product a step",
            "one input projection for all steps, one product a step, the elementwise step; "
            "backward the same with one product each for dW, dR and dx; nothing is outside",
            ragged=True,
        ),
        Entry(
            "torch-cpu",
            "torch_cpu",
            ("torch",),
            "pip install torch==2.13.0",
            "torch.nn.RNN, LSTM and GRU, eager, on the CPU",
            "the module's forward under inference_mode (infer), or forward and autograd.grad for "
            "every parameter, the input and the states (train); PyTorch re-orders the weights at "
            "every call, inside, and packs and pads sequences of unequal lengths; arrays become "
            "tensors once, outside",
            ragged=True,
            dtypes=HALVES,
        ),
        Entry(
            "torch-compile-cpu",
            "torch_cpu",
            ("torch",),
            "pip install torch==2.13.0",
            "torch.compile of these modules on the CPU; PyTorch 2.13 runs them eager all the same",
            "as torch-cpu, of the module as torch.compile gives it back; what Dynamo does at the "
            "first call is outside, and counted",
            ragged=True,
            dtypes=HALVES,
            arguments=("compile",),
        ),
        Entry(
            "onnxruntime-cpu",
            "onnxruntime_cpu",
            ("onnxruntime", "onnx"),
            "pip install onnxruntime onnx",
            "ONNX Runtime, CPU execution provider; inference only",
            "run_with_iobinding on arrays that exist already; building the session, which packs "
            "the weights, is outside",
            dtypes=("float32",),
            ragged=True,
        ),
        Entry(
            "openvino-cpu",
            "openvino_cpu",
            ("openvino", "onnx"),
            "pip install openvino onnx",
            "OpenVINO CPU plugin on the ONNX model; inference only",
            "infer of one request, the row's precision asked for, latency hint, one stream; "
            "compiling the model is outside",
            dtypes=("float32", "float16", "bfloat16"),
            ragged=True,
        ),
        Entry(
            "jax-cpu",
            "jax_cpu",
            ("jax", "jaxlib"),
            "pip install jax",
            "JAX: lax.scan under jit, on the CPU",
            "the compiled function (infer), or the compiled vjp for every parameter, the input and "
            "the states (train), until its results are ready; tracing and compiling are outside",
            dtypes=HALVES,
            ragged=True,
        ),
        Entry(
            "keras-cpu",
            "keras_cpu",
            ("keras", "tensorflow"),
            "pip install keras tensorflow-cpu",
            "Keras layers on TensorFlow, on the CPU",
            "the layers under tf.function (infer), or with a GradientTape in it for every weight, "
            "the input and the states (train), batch first, with a mask made of unequal lengths; "
            "tracing, and transposing what is not batch first, are outside; no XLA, as in Keras",
            dtypes=HALVES,
            ragged=True,
        ),
        _numba_cuda("auto", "the kernels of this project, on the GPU, chosen by the sizes"),
        _numba_cuda("step", "the same, a launch a step"),
        _numba_cuda("graph", "the same, the launches of all steps captured as one CUDA graph"),
        _numba_cuda("persistent", "the same, one launch a sequence, weights kept on the chip"),
        Entry(
            "torch-cuda",
            "torch_cuda",
            ("torch",),
            "pip install torch==2.13.0",
            "torch.nn.RNN, LSTM and GRU, eager, on the GPU (cuDNN)",
            "the module's forward under inference_mode (infer), or forward and autograd.grad for "
            "every parameter, the input and the states (train), of tensors that are on the device "
            "already, between two events, until the device is done; TF32 is off but in rows of "
            "dtype tf32; copies between host and device, and flattening the weights, are outside",
            device="cuda",
            ragged=True,
            dtypes=DTYPES,
        ),
        _onnxruntime_cuda(
            "cuda",
            (),
            ("float32", "float64", "float16"),
            "ONNX Runtime, CUDA execution provider (cuDNN); inference only",
        ),
        _onnxruntime_cuda(
            "tensorrt",
            ("tensorrt",),
            ("float32", "float16"),
            "ONNX Runtime, TensorRT execution provider; inference only",
        ),
        Entry(
            "tensorrt",
            "tensorrt_cuda",
            ("tensorrt", "onnx", _CUDA_STREAM),
            "pip install tensorrt onnx 'lstmbench[cuda]'",
            "TensorRT on the ONNX model, strongly typed; inference only",
            f"execute_async_v3 of an engine {_ON_DEVICE}, and so are parsing the model and "
            "building the engine; TF32 is off but in rows of dtype tf32",
            device="cuda",
            dtypes=("float32", "float16", "tf32"),
            ragged=True,
        ),
        Entry(
            "torch-compile-cuda",
            "torch_cuda",
            ("torch",),
            "pip install torch==2.13.0",
            "torch.compile of these modules on the GPU; PyTorch 2.13 runs them eager all the same",
            "as torch-cuda, of the module as torch.compile gives it back; what Dynamo does at the "
            "first call is outside, and counted",
            device="cuda",
            ragged=True,
            dtypes=DTYPES,
            arguments=("compile",),
        ),
        Entry(
            "jax-cuda",
            "jax_cuda",
            ("jax", "jaxlib"),
            "pip install 'jax[cuda13]'",
            "JAX: lax.scan under jit, on the GPU",
            "the compiled function (infer), or the compiled vjp for every parameter, the input and "
            "the states (train), of arrays that are on the device already, until its results are "
            "ready; tracing, compiling and copies between host and device are outside",
            device="cuda",
            dtypes=DTYPES,
            ragged=True,
        ),
        Entry(
            "jax-cuda-cudnn",
            "jax_cuda",
            ("jax", "jaxlib"),
            "pip install 'jax[cuda13]'",
            "JAX: cuDNN's LSTM under jit, on the GPU; no other cell",
            "as jax-cuda, of jax.experimental.rnn.lstm with the batch first; packing the weights "
            "and transposing are outside",
            device="cuda",
            dtypes=("float32", "tf32"),
            ragged=True,
            arguments=("cudnn",),
        ),
        Entry(
            "keras-cuda",
            "keras_cuda",
            ("keras", "tensorflow"),
            "pip install keras 'tensorflow[and-cuda]'",
            "Keras layers on TensorFlow, on the GPU; LSTM and GRU go to cuDNN",
            "as keras-cpu, of tensors that are on the device already, until the device is done; "
            "TF32 is off but in rows of dtype tf32; copies between host and device are outside",
            device="cuda",
            dtypes=DTYPES,
            ragged=True,
        ),
        Entry(
            "fake",
            "fake",
            ("numpy",),
            "pip install numpy",
            "scripted times for tests and demonstrations; measures nothing",
            "nothing: the times are scripted",
            device="none",
            dtypes=DTYPES,
            ragged=True,
        ),
    )
}
