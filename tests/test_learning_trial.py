"""One trial: what is timed, how it ends, and that it goes on bit for bit."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
from learning_files import settings

from lstmbench.errors import ResultFormatError
from lstmbench.learning import checkpoint, serve, trial
from lstmbench.tasks import load
from lstmbench.timing.clock import FakeClock

WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


@dataclass
class FakeLearner:
    """It answers with a score that shrinks by each step, and says which batches it saw."""

    clock: FakeClock
    scores: tuple[float, ...] = ()
    bad_step: int | None = None
    steps: int = 0
    seen: list[np.ndarray] = field(default_factory=list)

    def prepare(self, batch):
        self.clock.advance(10)
        return batch

    def step(self, batch):
        if self.steps + 1 == self.bad_step:
            raise FloatingPointError(f"step {self.bad_step}: the loss is inf")
        self.clock.advance(1)
        self.steps += 1
        self.seen.append(batch.x)
        return 1 / self.steps

    def outputs(self, batch):
        self.clock.advance(100)
        error = self.scores[self.steps] if self.steps < len(self.scores) else 1.0
        return batch.targets + np.float32(error)

    def state(self):
        return {"steps": np.array(self.steps)}

    def load(self, state):
        self.steps = int(state["steps"])


def run(learner=None, **given):
    clock = FakeClock()
    learner = learner or FakeLearner(clock)
    learner.clock = clock
    task = load("adding", lag=10)
    return trial.run(learner, task, settings(**given), 3, clock=clock)


def test_only_steps_are_timed_and_the_step_that_compiles_is_taken_back():
    found = run()

    assert [(point.step, point.seconds) for point in found.curve] == [
        (0, 0),
        (2, 2),
        (4, 4),
        (6, 6),
    ]
    assert (found.steps, found.seconds) == (6, 6)


def test_a_point_has_the_mean_loss_since_the_one_before():
    found = run()

    assert [point.loss for point in found.curve] == [
        None, (1 + 1 / 2) / 2, (1 / 3 + 1 / 4) / 2, (1 / 5 + 1 / 6) / 2
    ]  # fmt: skip


def test_it_ends_at_the_first_evaluation_below_the_target():
    found = run(FakeLearner(None, scores=(1, 1, 1, 0, 0.05)))

    assert (found.status, found.reason, found.steps) == ("solved", "", 4)
    assert found.curve[-1].score == pytest.approx(0.05**2, rel=1e-5)


def test_it_ends_without_the_target_when_steps_or_seconds_are_spent():
    assert run().reason == "the target was not reached in 6 steps"
    assert run(budget_s=3.5).reason == "the target was not reached in 4 s of training"
    assert run().status == "unsolved"


def test_the_last_steps_are_as_many_as_are_left():
    assert [point.step for point in run(max_steps=5).curve] == [0, 2, 4, 5]


def test_a_loss_that_is_not_finite_ends_it_and_what_there_was_is_kept():
    found = run(FakeLearner(None, bad_step=4))

    assert (found.status, found.reason) == ("diverged", "step 4: the loss is inf")
    assert [point.step for point in found.curve] == [0, 2]
    assert (found.steps, found.seconds) == (3, 3)


def test_a_score_that_is_not_finite_ends_it():
    found = run(FakeLearner(None, scores=(1, 1, float("nan"))))

    assert found.status == "diverged"
    assert found.reason == "step 2: the score of the test set is not finite"
    assert found.curve[-1].score is None


def test_a_trial_that_has_ended_is_scored_at_other_lags_by_the_same_target():
    found = run(FakeLearner(None, scores=(1, 1, 1, 1, 0.05)), test_lags=(20, 50))
    other = run(FakeLearner(None, bad_step=1), test_lags=(20,))
    lost = run(FakeLearner(None, scores=(1, 1, float("nan"))), test_lags=(20,))

    assert (found.status, found.steps) == ("solved", 4)
    assert [(each.lag, each.below_target, each.trivial) for each in found.beyond] == [
        (20, True, 1 / 6), (50, True, 1 / 6)
    ]  # fmt: skip
    assert [each.score for each in found.beyond] == pytest.approx([0.05**2] * 2, rel=1e-4)
    assert other.status == lost.status == "diverged"
    assert [each.below_target for each in (*other.beyond, *lost.beyond)] == [False, False]
    assert [each.score for each in (*other.beyond, *lost.beyond)] == [pytest.approx(1), None]


def test_that_score_is_what_the_trained_weights_give_without_dropout(tmp_path):
    path = tmp_path / "trial.npz"
    given = settings(num_layers=2, dropout=0.5, target=0.5, test_lags=(30,))
    found = serve.perform(given, "rnn-tanh", "numba-cpu", 0, path, lambda _point: None)

    kept = checkpoint.read(path).arrays
    weights = {name.removeprefix("parameters."): array for name, array in kept.items()}
    test = load("adding", lag=30).test_set()
    below = test.x.astype(float)
    for layer in ("l0", "l1"):
        w, u, *b = (weights[f"rnn.{n}_{layer}"] for n in WEIGHTS)
        states = [np.zeros((256, 4))]
        for x in below:
            states.append(np.tanh(x @ w.T + states[-1] @ u.T + sum(b)))
        below = np.stack(states[1:])
    answers = below[-1] @ weights["head.weight"].T + weights["head.bias"]
    (beyond,) = found.beyond
    assert beyond.score == pytest.approx(np.mean((answers - test.targets) ** 2), rel=1e-5)
    assert beyond.below_target == (beyond.score < 0.5)


def test_a_network_that_explodes_says_so():
    given = settings(cells=("rnn-relu",), lr=1e6, clip=None)
    found = serve.perform(given, "rnn-relu", "numba-cpu", 0, None, lambda _point: None)

    assert found.status == "diverged"
    assert found.reason.startswith("step ")
    assert "not finite" in found.reason or "is inf" in found.reason or "is nan" in found.reason
    assert found.curve[0].step == 0


@pytest.mark.parametrize("task", ["adding", "temporal-order"])
def test_an_interrupted_trial_goes_on_bit_for_bit(task, tmp_path):
    given = settings(task=task, target=1e-9, max_steps=8)

    def perform(path, tell=lambda _point: None):
        return serve.perform(given, "lstm", "numba-cpu", 1, path, tell, FakeClock())

    def stop(point):
        if point.step == 4:
            raise KeyboardInterrupt

    whole = perform(None)
    path = tmp_path / "trial.npz"
    with pytest.raises(KeyboardInterrupt):
        perform(path, stop)
    told = []
    resumed = perform(path, told.append)

    assert resumed == whole
    assert tuple(told) == whole.curve
    assert len({point.loss for point in whole.curve}) == 5


def test_a_checkpoint_needs_no_pickle_and_a_damaged_one_is_told(tmp_path):
    path = tmp_path / "trial.npz"
    assert checkpoint.read(path) is None
    facts = {"step": 3, "seconds": 0.1}
    checkpoint.write(path, checkpoint.Checkpoint({"a.b": np.arange(3.0)}, facts))

    found = checkpoint.read(path)
    assert found.facts == facts
    np.testing.assert_array_equal(found.arrays["a.b"], np.arange(3.0))

    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ResultFormatError, match="delete it to begin the trial anew"):
        checkpoint.read(path)


def test_a_checkpoint_with_an_object_is_refused(tmp_path):
    path = tmp_path / "trial.npz"
    np.savez(path, json=np.array([SimpleNamespace()], dtype=object))

    with pytest.raises(ResultFormatError, match="not a checkpoint"):
        checkpoint.read(path)
