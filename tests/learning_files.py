"""Files of learning that nobody has measured."""

from conftest import a_header

from lstmbench.learning.records import Beyond, LearningFile, Lesson, Point, Settings, Trial
from lstmbench.learning.summary import groups

LESSON = Lesson(
    description="the sum of two marked numbers",
    source="a paper",
    metric="mean squared error",
    trivial=1 / 6,
    baselines={"the second number alone": 1 / 12},
    test_size=256,
)


def settings(**given):
    fields = {
        "task": "adding",
        "lag": 10,
        "cells": ("lstm",),
        "backends": ("numba-cpu",),
        "hidden_size": 4,
        "num_layers": 1,
        "batch_size": 4,
        "optimiser": "adam",
        "lr": 0.01,
        "clip": 1.0,
        "forget_bias": None,
        "seeds": 1,
        "target": 0.01,
        "max_steps": 6,
        "budget_s": 1000.0,
        "every": 2,
        "threads": 1,
    }
    return Settings(**{**fields, **given})


def a_trial(backend="numba-cpu", seed=0, seconds=2.0, status="solved", cell="lstm", **given):
    solved = status == "solved"
    curve = (
        Point(step=0, seconds=0.0, loss=None, score=0.5),
        Point(step=50, seconds=(seconds or 4.0) / 2, loss=0.2, score=0.17),
        Point(step=100, seconds=seconds or 4.0, loss=0.01, score=0.009 if solved else 0.16),
    )
    fields = {
        "cell": cell,
        "backend": backend,
        "backend_version": "1",
        "seed": seed,
        "status": status,
        "reason": "" if solved else "the target was not reached in 100 steps",
        "steps_to_target": 100 if solved else None,
        "seconds_to_target": seconds if solved else None,
        "sequences_per_s": 1600.0 / (seconds or 4.0),
        "initial_score": curve[0].score,
        "final_score": curve[-1].score,
        "other_load": 0.01,
        "curve": curve,
    }
    return Trial(**{**fields, **given})


def at(lag, score):
    """How a trial did at another lag."""
    below = score is not None and score < 0.01
    return (Beyond(lag=lag, score=score, below_target=below, trivial=1 / 6),)


def gone(backend="keras-cpu", status="unavailable", reason="keras is not installed", **given):
    nothing = dict.fromkeys(("sequences_per_s", "initial_score", "final_score", "other_load"))
    return a_trial(
        backend, status=status, reason=reason, curve=(), backend_version="", **nothing, **given
    )


def a_file(*trials, **given):
    trials = trials or (
        a_trial(seed=0, seconds=2.0),
        a_trial("torch-cpu", seed=0, seconds=3.0),
        gone(),
        a_trial(seed=1, seconds=4.0),
        a_trial("torch-cpu", seed=1, status="unsolved", seconds=None),
    )
    fields = {
        "created": "2026-01-02T03:04:05+00:00",
        "command": "lstmbench learn",
        "environment": a_header().environment,
        "settings": settings(backends=("numba-cpu", "torch-cpu", "keras-cpu"), seeds=2),
        "lesson": LESSON,
        "timed": "training steps",
        "trials": trials,
        "groups": groups(trials),
    }
    return LearningFile(**{**fields, **given})
