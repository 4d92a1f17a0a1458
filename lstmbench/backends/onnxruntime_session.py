"""A session of ONNX Runtime for one problem, all of it on one execution provider.

What is set, and why:

- every optimisation of the graph (``ORT_ENABLE_ALL``, its default, said aloud); the optimised model
  is held by the session, in memory: nothing is read from disk and nothing written;
- as many threads inside an operator as the row has, and operators one after the other: layers wait
  for each other, and there are no two operators to run side by side;
- its threads spin for a moment when an operator ends, its default, and then sleep, so that the
  workers of other backends find the processors free when it is their turn;
- one provider, and no way back: where Python's session would be made again on another one, it
  raises; nodes that the provider left to another one are found and named, and make no row.
"""

from collections.abc import Mapping
from typing import Any

import onnxruntime

from lstmbench_kernels.problem import Problem

from ..errors import BackendUnavailable
from . import onnx_model

CPU = "CPUExecutionProvider"
# Entries of a session's configuration (onnxruntime_session_options_config_keys.h).
SPINNING = "session.intra_op.allow_spinning"
RECORD_NODES = "session.record_ep_graph_assignment_info"


def make_session(
    backend: str,
    problem: Problem,
    threads: int,
    provider: str = CPU,
    provider_options: Mapping[str, str] | None = None,
) -> Any:
    """The session; raises ``BackendUnavailable`` where a node would run on another provider."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry(SPINNING, "1")
    options.add_session_config_entry(RECORD_NODES, "1")
    session = onnxruntime.InferenceSession(
        onnx_model.build(problem),
        options,
        providers=[(provider, dict(provider_options or {}))],
        enable_fallback=False,
    )
    if provider not in session.get_providers():
        raise BackendUnavailable(
            f"{backend}: ONNX Runtime {onnxruntime.__version__} could not load its {provider}; "
            "what its libraries lack is in the worker's log"
        )
    elsewhere = {name: nodes for name, nodes in placed(session).items() if name != provider}
    if elsewhere:
        told = "; ".join(f"{nodes} on {name}" for name, nodes in elsewhere.items())
        raise BackendUnavailable(
            f"{backend}: {provider} does not run all of this model: it left {told}"
        )
    return session


def placed(session: Any) -> dict[str, str]:
    """The operators that each provider runs, each once: ``{"CUDAExecutionProvider": "LSTM"}``."""
    found: dict[str, list[str]] = {}
    for graph in session.get_provider_graph_assignment_info():
        found.setdefault(graph.ep_name, []).extend(node.op_type for node in graph.get_nodes())
    return {name: ", ".join(dict.fromkeys(kinds)) for name, kinds in found.items()}
