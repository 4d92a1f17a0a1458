"""Files that claims are judged by and nobody has measured."""

from conftest import a_header
from learning_files import a_file, a_trial, settings

from lstmbench.claims.evidence import Evidence
from lstmbench.gradients.records import Curve, GradientsFile
from lstmbench.learning.summary import groups

SEEDS = 5


def learnt(*, of=SEEDS, beyond=None, scores=None, target=0.01, lag=100, **solved):
    """A file in which so many seeds of each cell solve the task."""
    trials = [
        a_trial(
            cell=cell.replace("_", "-"),
            seed=seed,
            status="solved" if seed < count else "unsolved",
            seconds=2.0 if seed < count else None,
            **({} if beyond is None else {"beyond": tuple(beyond)}),
            **({} if scores is None else {"final_score": scores[cell][seed]}),
        )
        for cell, count in solved.items()
        for seed in range(of)
    ]
    chosen = settings(lag=lag, seeds=of, target=target, time_scale=lag)
    return a_file(settings=chosen, trials=tuple(trials), groups=groups(trials))


def evidence(**learning):
    return Evidence(learning={name.replace("_", "-"): file for name, file in learning.items()})


def curve(cell, ten, *, bias=None, steps=0):
    """A network of which so much is left after ten steps, and all after one."""
    return Curve(
        cell=cell,
        forget_bias=bias,
        seed=0,
        steps=steps,
        hidden=(1.0, ten),
        cell_state=(1.0, ten) if cell == "lstm" else (),
    )


def flows(*curves):
    file = GradientsFile(
        created="2026-01-02T03:04:05+00:00",
        command="lstmbench gradients",
        environment=a_header().environment,
        hidden_size=4,
        lags=(1, 10),
        curves=curves,
    )
    return Evidence(gradients={"gradients": file})
