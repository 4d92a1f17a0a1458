"""A session runs on the provider that its row is named after, or there is no row."""

import numpy as np
import pytest
from conftest import a_workload, require_peer

from lstmbench.errors import BackendUnavailable
from lstmbench.running.worker import problem_of

pytestmark = pytest.mark.peer


@pytest.fixture
def sessions():
    require_peer("onnxruntime")
    require_peer("onnx")
    from lstmbench.backends import onnxruntime_session

    return onnxruntime_session


def test_what_is_set_is_what_the_session_has(sessions):
    session = sessions.make_session("onnxruntime-cpu", problem_of(a_workload()), 3)

    options = session.get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (3, 1)
    assert options.graph_optimization_level.name == "ORT_ENABLE_ALL"
    assert options.execution_mode.name == "ORT_SEQUENTIAL"
    assert options.get_session_config_entry(sessions.SPINNING) == "1"
    assert options.optimized_model_filepath == ""
    assert session.get_providers() == ["CPUExecutionProvider"]


def test_it_is_told_which_provider_runs_what(sessions):
    session = sessions.make_session("onnxruntime-cpu", problem_of(a_workload(num_layers=2)), 1)

    assert sessions.placed(session) == {"CPUExecutionProvider": "LSTM, Transpose, Reshape"}


def test_nodes_that_a_provider_leaves_to_another_one_are_named_and_make_no_row(sessions):
    # What every build has besides the CPU, and runs no recurrent node.
    other = "AzureExecutionProvider"
    if other not in sessions.onnxruntime.get_available_providers():
        pytest.skip(f"this build of ONNX Runtime has no {other}")

    with pytest.raises(
        BackendUnavailable,
        match=rf"^x: {other} does not run all of this model: it left LSTM on CPUExecutionProvider$",
    ):
        sessions.make_session("x", problem_of(a_workload()), 1, other)


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_a_provider_that_could_not_be_loaded_is_no_row(sessions):
    if "CUDAExecutionProvider" in sessions.onnxruntime.get_available_providers():
        pytest.skip("this build of ONNX Runtime has CUDA")

    with pytest.raises(BackendUnavailable, match=r"^x: ONNX Runtime .* could not load its CUDA"):
        sessions.make_session("x", problem_of(a_workload()), 1, "CUDAExecutionProvider")


def test_what_lies_beyond_the_end_of_a_sequence_is_zero_whatever_was_there(sessions):
    from lstmbench.backends import onnx_model

    problem = problem_of(a_workload(bidirectional=True, lengths="uniform", steps=(1, 2)))
    session = sessions.make_session("onnxruntime-cpu", problem, 1)
    binding = session.io_binding()
    for name, array in onnx_model.feeds(problem).items():
        binding.bind_cpu_input(name, array)
    y = np.full((3, 2, 2, 5), np.nan, np.float32)
    bound = sessions.onnxruntime.OrtValue.ortvalue_from_numpy(y)
    binding.bind_ortvalue_output("y", bound)
    session.run_with_iobinding(binding)

    assert not y[1:, :, 0].any()
    assert not y[2:, :, 1].any()
    assert y[:1].all()
