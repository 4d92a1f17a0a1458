"""A break-even search: rows are measured where the ones before them leave a question."""

from collections.abc import Callable, Sequence

from ..analysis.crossing import size, verdict
from ..analysis.summary import lines_of
from ..breakeven import Verdict, next_sizes, resized
from ..planning.plan import Plan
from ..records import Row, Settings
from ..workload import Workload
from .process import Worker
from .run import Observer, run, start_worker


def bisect(
    plan: Plan,
    settings: Settings,
    keep: Callable[[Row], None],
    observer: Observer,
    *,
    done: Sequence[Row] = (),
    make_worker: Callable[[str, int], Worker] = start_worker,
) -> list[Row]:
    """Measure the rows that answer the question of a plan, all its workloads step by step.

    Rows that are done are not measured again: the search takes the same way over them.
    """
    question = plan.question
    assert question is not None
    rows: list[Row] = []
    for threads in plan.threads:
        found: dict[Workload, dict[int, Verdict]] = {each: {} for each in plan.workloads}
        while True:
            wanted = {
                resized(workload, question.along, wanted_size): workload
                for workload, verdicts in found.items()
                for wanted_size in next_sizes(verdicts, question.low, question.high)
            }
            if not wanted:
                break
            step = plan.model_copy(update={"workloads": tuple(wanted), "threads": (threads,)})
            keys = {job.key for job in step.jobs()}
            measured = run(
                step,
                settings,
                keep,
                observer,
                done=[row for row in done if row.key in keys],
                make_worker=make_worker,
            )
            for line in lines_of(measured):
                found[wanted[line.workload]][size(line, question)] = verdict(line, question)
            rows += measured
    return rows
