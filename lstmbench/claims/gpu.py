"""Claims 6: a GPU beside a CPU, from result files that were measured on a machine with both."""

from collections.abc import Iterator, Sequence

from ..analysis.summary import gpu_over_cpu, lines_of
from ..records import Result
from ..statistics.order import geometric_mean
from .records import Claim, Finding, Verdict

CLAIMED = {"train": 6.0, "infer": 140.0}
WORDS = {
    "train": ("6a", "GPUs train LSTMs 6 times faster than a CPU."),
    "infer": ("6b", "GPUs infer with LSTMs at 140 times the throughput of a CPU."),
}
SOURCE = (
    "NVIDIA, Accelerating Long Short-Term Memory using GPUs, developer.nvidia.com/discover/lstm, "
    "as quoted at ai.stackexchange.com/questions/7090, without sizes or devices"
)


def claims(results: Sequence[Result]) -> Iterator[Claim]:
    """6a and 6b; without a file of both they are not testable."""
    yield from (claim(results, mode) for mode in CLAIMED)


def claim(results: Sequence[Result], mode: str) -> Claim:
    """The fastest GPU backend beside the fastest CPU backend at each shape of an LSTM."""
    id_, statement = WORDS[mode]
    claimed = CLAIMED[mode]
    margins = [
        lead.margin.value
        for result in results
        for line in lines_of(result.rows)
        if line.workload.cell == "lstm" and line.workload.mode == mode
        if (lead := gpu_over_cpu(line)) is not None
    ]
    findings: tuple[Finding, ...] = ()
    if not margins:
        verdict = Verdict.UNTESTED
        because = (
            "no result file has times of a GPU and a CPU, it is not measured here; on a machine "
            "with both: lstmbench run --suite headline, then lstmbench claims --gpu FILE.json"
        )
    else:
        reached = [each for each in margins if each >= claimed]
        findings = (
            Finding(
                what=f"{mode}: time on the CPU / time on the GPU",
                value=geometric_mean(margins),
                unit="ratio",
                low=min(margins),
                high=max(margins),
                interval=f"geometric mean; least to most of {len(margins)} shapes",
            ),
        )
        verdict, because = Verdict.NOT, f"no shape reaches {claimed:g} times"
        if len(reached) == len(margins):
            verdict, because = Verdict.HOLDS, f"every shape reaches {claimed:g} times"
        elif reached:
            verdict = Verdict.ONLY_WHEN
            because = f"{len(reached)} of {len(margins)} shapes reach {claimed:g} times"
    return Claim(
        id=id_,
        statement=statement,
        source=SOURCE,
        test="the fastest CPU backend / the fastest GPU backend on one machine, arrays on their "
        f"device already; holds where every shape reaches {claimed:g} times",
        findings=findings,
        verdict=verdict,
        because=because,
        evidence=(),
    )
