"""`lstmbench claims`: each verdict from evidence made by hand, both ways and in between."""

import pytest
from claimed import SEEDS, evidence, learnt
from conftest import a_row, a_workload, as_result
from learning_files import a_file, a_trial, settings

from lstmbench.claims import both_ways, cells, gpu, hard, judge, lags, recipe
from lstmbench.claims.evidence import Evidence
from lstmbench.claims.records import Verdict
from lstmbench.guessing.records import Guess, GuessesFile
from lstmbench.learning.records import Beyond
from lstmbench.learning.summary import groups

# --- 2: lags


@pytest.mark.parametrize(
    ("told", "drawn", "verdict"),
    [
        (5, 5, Verdict.HOLDS),
        (4, 0, Verdict.ONLY_WHEN),
        (0, 4, Verdict.ONLY_WHEN),
        (3, 0, Verdict.NOT),
    ],
)
def test_long_lags_are_learnt_where_four_of_five_seeds_solve_them(told, drawn, verdict):
    as_drawn = learnt(lstm=drawn)
    as_drawn = as_drawn.model_copy(
        update={"settings": settings(forget_bias=1.0, time_scale=None, lag=1000)}
    )
    found = evidence(lag_1000=learnt(lstm=told, lag=1000), lag_1000_as_drawn=as_drawn)

    claim = lags.long_lags(found)

    assert claim.verdict is verdict
    assert claim.findings[0].value == told / SEEDS
    assert claim.findings[0].interval == f"{told} of 5; 95 %, Clopper and Pearson"


@pytest.mark.parametrize(
    ("solved", "verdict"),
    [((0, 0, 0), Verdict.HOLDS), ((5, 0, 0), Verdict.NOT), ((2, 0, 0), Verdict.ONLY_WHEN)],
)
def test_older_nets_fail_where_no_seed_solves_the_shortest_lag(solved, verdict):
    files = {
        name: learnt(rnn_tanh=count, lag=lag)
        for name, lag, count in zip(lags.LAGS, (10, 100, 1000), solved, strict=True)
    }

    claim = lags.older_nets(Evidence(learning=files))

    assert claim.verdict is verdict
    assert [each.value for each in claim.findings] == [count / SEEDS for count in solved]


@pytest.mark.parametrize(
    ("noisy", "continuous", "verdict"),
    [(5, 4, Verdict.HOLDS), (5, 1, Verdict.ONLY_WHEN), (0, 0, Verdict.NOT)],
)
def test_noise_and_continuous_values_are_both_asked_for(noisy, continuous, verdict):
    found = evidence(noise=learnt(lstm=noisy), lag_100=learnt(lstm=continuous))

    assert lags.noise(found).verdict is verdict


@pytest.mark.parametrize(
    ("kept", "verdict", "because"),
    [
        (
            (True, True),
            Verdict.HOLDS,
            "the goal is kept in adding at lag 200 and adding at lag 500",
        ),
        (
            (True, False),
            Verdict.ONLY_WHEN,
            "it is adding at lag 200, after training adding at lag 100 and adding at lag 50",
        ),
        (
            (False, False),
            Verdict.NOT,
            "the goal is kept in none of adding at lag 200 and adding at lag 500",
        ),
    ],
)
def test_longer_sequences_count_where_the_trained_ones_were_learnt(kept, verdict, because):
    near, far = (
        (Beyond(lag=lag, score=0.001 if good else 0.1, below_target=False, trivial=1 / 6),)
        for lag, good in zip((200, 500), kept, strict=True)
    )
    first, second = learnt(lstm=SEEDS, beyond=near), learnt(lstm=3, beyond=far, lag=50)

    claim = lags.longer(evidence(longer=first, longer_order=second))

    assert (claim.verdict, claim.because) == (verdict, because)
    assert [each.interval for each in claim.findings] == [
        f"{5 * kept[0]} of 5",
        f"{3 * kept[1]} of 3",
    ]


def test_nothing_is_said_of_longer_sequences_where_the_trained_ones_were_not_learnt():
    nothing = evidence(longer=learnt(lstm=0), longer_order=learnt(lstm=0))

    assert lags.longer(nothing).verdict is Verdict.UNTESTED


# --- 3: both directions


def test_the_bidirectional_one_is_better_where_its_worst_seed_beats_the_best_of_the_other():
    scores = {"lstm": [0.45] * SEEDS, "lstm_bi": [0.001] * SEEDS}
    claim = both_ways.better(evidence(tagging=learnt(lstm=0, lstm_bi=SEEDS, scores=scores)))

    assert claim.verdict is Verdict.HOLDS


def test_it_is_not_better_where_the_seeds_overlap():
    scores = {"lstm": [0.4, 0.5] * 2 + [0.4], "lstm_bi": [0.45] * SEEDS}
    claim = both_ways.better(evidence(tagging=learnt(lstm=0, lstm_bi=0, scores=scores)))

    assert claim.verdict is Verdict.NOT


def timed(**seconds):
    """Rows of one shape in both modes, with the times of each cell."""
    rows = [
        a_row(
            a_workload(
                cell=cell.removesuffix("_bi").replace("_", "-"),
                bidirectional=cell.endswith("_bi"),
                mode=mode,
            ),
            backend="numba-cpu",
            seconds=time,
        )
        for cell, times in seconds.items()
        for mode, time in zip(("train", "infer"), times, strict=True)
    ]
    return Evidence(result={"cells": as_result(rows)})


@pytest.mark.parametrize(
    ("both", "verdict"),
    [
        ((0.002, 0.0021), Verdict.HOLDS),
        ((0.002, 0.004), Verdict.ONLY_WHEN),
        ((0.005, 0.004), Verdict.NOT),
    ],
)
def test_about_twice_is_judged_at_every_shape(both, verdict):
    claim = both_ways.twice(timed(lstm=(0.001, 0.001), lstm_bi=both))

    assert claim.verdict is verdict
    assert [each.value for each in claim.findings] == [time / 0.001 for time in both]


# --- 4: sizes


def test_four_gates_are_four_times_the_parameters():
    claim = cells.four_times()

    assert claim.verdict is Verdict.HOLDS
    assert [each.value for each in claim.findings] == [4, 8, 3] * 2


@pytest.mark.parametrize(
    ("gru", "solved", "verdict"),
    [
        ((0.0008, 0.0008), 5, Verdict.HOLDS),
        ((0.0008, 0.0011), 5, Verdict.ONLY_WHEN),
        ((0.0008, 0.0008), 3, Verdict.ONLY_WHEN),
        ((0.0011, 0.0011), 5, Verdict.NOT),
    ],
)
def test_a_gru_is_cheaper_where_it_takes_less_time_and_learns_as_much(gru, solved, verdict):
    tasks = {name: learnt(gru=solved, lstm=SEEDS) for name in cells.TASKS}
    times = timed(lstm=(0.001, 0.001), gru=gru)

    claim = cells.cheaper(Evidence(learning=tasks, result=times.result))

    assert claim.verdict is verdict


# --- 5: what is hard


@pytest.mark.parametrize(
    ("solved", "verdict"), [(0, Verdict.HOLDS), (2, Verdict.ONLY_WHEN), (5, Verdict.NOT)]
)
def test_a_task_is_hard_where_no_seed_solves_it(solved, verdict):
    found = evidence(xor=learnt(lstm=solved), xor_short=learnt(lstm=SEEDS, lag=10))

    (claim,) = hard.claims(found)

    assert claim.verdict is verdict
    assert claim.because.endswith("; 5 of 5 seeds solve adding at lag 10")


def guessed(*seconds):
    """A guess for each seed; one that took no time at all has found nothing."""
    guesses = tuple(
        Guess(
            seed=seed,
            guesses=1000,
            seconds=time,
            solved=time > 0,
            score=0.0 if time > 0 else None,
            weights=(),
        )
        for seed, time in enumerate(seconds)
    )
    return GuessesFile.model_construct(guesses=guesses)


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [
        ((0.5, 1.5), Verdict.HOLDS),
        ((0.5, 6.0), Verdict.ONLY_WHEN),
        ((5.0, 6.0), Verdict.NOT),
        ((0.0, 0.0), Verdict.NOT),
    ],
)
def test_guessing_is_faster_where_its_slowest_seed_beats_every_training(seconds, verdict):
    parity = learnt(lstm=1)  # in 2 s, the others none in 4
    found = Evidence(learning={"parity": parity}, guesses={"guessing": guessed(*seconds)})

    assert hard.guessing(found).verdict is verdict


# --- 6: a GPU


def on_gpu(*times):
    """Training and inference of LSTMs, each on a CPU and a GPU."""
    return as_result(
        [
            row
            for size, (cpu, cuda) in enumerate(times, 1)
            for mode in ("train", "infer")
            for workload in [a_workload(mode=mode, batch_size=size)]
            for row in (
                a_row(workload, backend="numba-cpu", seconds=cpu),
                a_row(workload, backend="torch-cuda", seconds=cuda).model_copy(
                    update={"device": "cuda"}
                ),
            )
        ]
    )


def test_without_a_file_of_both_nothing_is_said_of_gpus():
    train, infer = gpu.claims([as_result([a_row()])])

    assert (train.verdict, infer.verdict) == (Verdict.UNTESTED, Verdict.UNTESTED)
    assert "it is not measured here" in train.because


@pytest.mark.parametrize(
    ("times", "train", "infer"),
    [
        ([(0.15, 0.001)], Verdict.HOLDS, Verdict.HOLDS),
        ([(0.01, 0.001), (0.003, 0.001)], Verdict.ONLY_WHEN, Verdict.NOT),
        ([(0.001, 0.001)], Verdict.NOT, Verdict.NOT),
    ],
)
def test_a_gpu_is_judged_at_every_shape(times, train, infer):
    found = list(gpu.claims([on_gpu(*times)]))

    assert [claim.verdict for claim in found] == [train, infer]


# --- 7: the recipe


def corner(lr, solved):
    return learnt(lstm=solved, of=1).model_copy(update={"settings": settings(lr=lr, lag=20)})


@pytest.mark.parametrize(
    ("solved", "verdict", "because"),
    [
        ((1, 1), Verdict.HOLDS, "every training in the box reaches the target"),
        (
            (0, 1),
            Verdict.ONLY_WHEN,
            "the corner is a good one: 1 of 2 trainings reach the target; all with learning rate "
            "0.01; none with learning rate 0.0001",
        ),
        ((0, 0), Verdict.NOT, "no training in the box reaches the target"),
    ],
)
def test_the_recipe_says_which_corner_does_not_train(solved, verdict, because):
    box = dict(zip(("recipe/a", "recipe/b"), map(corner, (0.0001, 0.01), solved), strict=True))

    (claim,) = recipe.claims(Evidence(learning=box))

    assert claim.verdict is verdict
    assert claim.because.startswith(because)


# --- all of them


def test_nothing_is_said_of_what_did_not_run():
    failed = [
        a_trial(seed=seed, status="failed", reason="no memory", curve=(), seconds=None)
        for seed in range(2)
    ]
    file = a_file(settings=settings(lag=500), trials=tuple(failed), groups=groups(failed))
    found = Evidence(learning={"parity": file}, guesses={"guessing": guessed(0.5)})

    verdicts = {claim.id: claim for claim in judge.claims(found) if claim.evidence}

    assert {claim.verdict for claim in verdicts.values()} == {Verdict.UNTESTED}
    assert set(verdicts) == {"5b", "5c"}
    assert verdicts["5b"].because == "parity: lstm numba-cpu seed 0 failed: no memory"
