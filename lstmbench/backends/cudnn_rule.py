"""Which of cuDNN's algorithms PyTorch asks for, by its own rule.

The rule is that of aten/src/ATen/native/cudnn/RNN.cpp (``get_algo``, ``use_rnn_persist_small_h``,
``use_persist_common_heuristics`` and ``use_persist_device_heuristics``), read at commit
00fc08aa616fbdec70496aebee034ac90b083ff4.  It says what PyTorch asks for; what then runs on the
device is cuDNN's affair, and nothing here was measured.  Which
precisions go to cuDNN at all is in ``use_cudnn`` of aten/src/ATen/native/RNN.cpp and in
``supportsBFloat16RNNWithCuDNN`` of aten/src/ATen/cuda/detail/CUDAHooks.cpp.
"""

from typing import Literal

from ..workload import Workload

Algorithm = Literal["standard", "persistent (static)", "persistent (static, small H)"]

# The largest hidden size of the kernels for small ones: plain cells, and cells with gates.
SMALL_FORWARD, SMALL_BACKWARD = (384, 192), (256, 128)


def goes_to_cudnn(dtype: str, capability: tuple[int, int], version: int) -> bool:
    """Whether PyTorch hands a precision to a cuDNN of that version, such as 91300 for 9.13."""
    return dtype != "bfloat16" or (version >= 91300 and capability[0] >= 8)


def algorithm(
    workload: Workload, capability: tuple[int, int], multiprocessors: int, *, forward: bool
) -> Algorithm:
    """What PyTorch asks cuDNN for in one pass, on a device of that compute capability."""
    # Sequences of unequal lengths are packed, which the others do not take.
    if workload.dtype == "float64" or workload.steps:
        return "standard"
    plain, gated = SMALL_FORWARD if forward else SMALL_BACKWARD
    small = plain if workload.cell.startswith("rnn") else gated
    if capability[0] >= 6 and workload.hidden_size <= small:
        return "persistent (static, small H)"
    persists = _suits_every_device(workload) and _suits(workload, capability, multiprocessors)
    return "persistent (static)" if workload.dtype == "float16" and persists else "standard"


def _suits_every_device(w: Workload) -> bool:
    return (
        w.num_layers == 1
        and not w.bidirectional
        and w.hidden_size <= 1024
        and w.hidden_size % 128 == 0
        and w.input_size % 128 == 0
    )


def _suits(w: Workload, capability: tuple[int, int], multiprocessors: int) -> bool:
    """Volta, and from Ampere on devices with many multiprocessors; Turing and sm_x6 are out."""
    T, B = w.seq_len, w.batch_size
    major, minor = capability
    if major == 7:
        fits = (B % 16 == 0 and B not in (80, 112)) or B == 8
        long = (T >= 40 and B <= 128) or (T >= 20 and B <= 96) or (T >= 10 and B <= 32)
        return minor != 5 and fits and long
    if major < 8 or multiprocessors < 98 or minor == 6 or w.cell == "gru":
        return False
    fits = B % 8 == 0 and B <= 128
    return fits and (w.cell == "lstm" or B < 96 or w.hidden_size < 896)
