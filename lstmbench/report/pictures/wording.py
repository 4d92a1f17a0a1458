"""What groups are called beside each other: what holds for all of them is said once."""

from collections.abc import Iterable, Sequence

from ...analysis.summary import Group
from ...analysis.tables import MODE_WORDS
from .lettering import readable


class Wording:
    """The words for some groups."""

    def __init__(self, groups: Sequence[Group]) -> None:
        aspects = [_aspects(group) for group in groups]
        self._common = {name for name in aspects[0] if len({each[name] for each in aspects}) == 1}
        self.common = joined(aspects[0][name] for name in aspects[0] if name in self._common)

    def special(self, group: Group) -> dict[str, str]:
        """What is not common to all; the input size only where it is not the hidden size."""
        of = {name: text for name, text in _aspects(group).items() if name not in self._common}
        if group.workload.input_size == group.workload.hidden_size:
            of.pop("input", None)
        return of

    def title(self, group: Group) -> str:
        """Cell, mode, and what is not common."""
        w = group.workload
        return joined([w.cell_name, MODE_WORDS[w.mode], *self.special(group).values()])


def joined(words: Iterable[str]) -> str:
    return " · ".join(word for word in words if word)


def _aspects(group: Group) -> dict[str, str]:
    """What tells groups apart besides cell and mode; empty where it is the usual."""
    w = group.workload
    return {
        "input": f"I {w.input_size}",
        "hidden": f"H {w.hidden_size}",
        "layers": f"{w.num_layers} layers" if w.num_layers > 1 else "",
        "bias": "" if w.bias else "no bias",
        "remarks": joined(map(readable, w.remarks)),
        "dtype": w.dtype,
        "threads": f"{group.threads} thread{'s' if group.threads > 1 else ''}",
    }
