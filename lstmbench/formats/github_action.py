"""What github-action-benchmark takes as ``tool: customSmallerIsBetter``: an array of times."""

from .measured import Measured, as_text


def text(measured: Measured) -> str:
    """The whole file."""
    return as_text(
        [
            {
                "name": timed.name,
                "unit": "s",
                "value": timed.time.median,
                "range": f"± {(timed.time.ci95[1] - timed.time.ci95[0]) / 2:.3g}",
                "extra": (
                    f"95 % interval {timed.time.ci95[0]:.4g} to {timed.time.ci95[1]:.4g} s\n"
                    f"samples × calls: {timed.time.samples} × {timed.row.loops or 1}\n"
                    f"machine {measured.result.fingerprint}"
                ),
            }
            for timed in measured.rows
        ]
    )
