"""How much of the result files is in an HTML page, and what a smaller one is made without."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Extent:
    """How much of the files is in a page."""

    sketches: bool = True
    others: bool = True
    rows: bool = True
    chart: bool = True
    heat: bool = True

    @property
    def left_out(self) -> list[str]:
        """What a reader is told is missing."""
        found = []
        if not self.sketches and self.rows:
            found.append("the samples of each row (their quartiles and extremes are here)")
        if not self.others and self.rows:
            found.append("rows that are neither the fastest of their work nor of the baseline")
        if not self.rows:
            found.append("the rows")
        if not self.chart:
            found.append("the chart")
        if not self.heat:
            found.append("the tables of who is fastest where")
        return found


# The order in which a page is made smaller.  The libraries of the chart are half a megabyte.
FEWER = (
    Extent(),
    Extent(sketches=False),
    Extent(sketches=False, others=False),
    Extent(chart=False),
    Extent(sketches=False, chart=False),
    Extent(sketches=False, others=False, chart=False),
    Extent(rows=False, chart=False),
    Extent(rows=False, chart=False, heat=False),
)
