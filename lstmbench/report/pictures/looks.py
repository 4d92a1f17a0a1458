"""What a backend looks like in every picture of a report: its hue, its marker, its short name."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, cycle

from ...analysis.summary import Line
from .lettering import readable
from .theme import Theme, mix

# The longest beginning of a name decides.  OpenVINO and TensorRT are never on the same device.
_HUES = {
    "numba": "blue",
    "torch": "vermilion",
    "torch-compile": "sky",
    "onnxruntime": "green",
    "openvino": "purple",
    "tensorrt": "purple",
    "jax": "orange",
    "keras": "yellow",
    "numpy": "grey",
}
_MARKERS = "os^DvPX<>ph8"
_DASHES = ("-", "--", ":", "-.")
# How much of the ink a hue takes on for a GPU.
_DEEPER = 0.45


@dataclass(frozen=True)
class Look:
    """How one backend is drawn."""

    name: str
    """Printable and not too long."""
    hue: str
    on_gpu: bool
    marker: str
    dashes: str
    """A line style of Matplotlib's: what tells apart those of one hue."""

    def colour(self, theme: Theme) -> str:
        hue = theme.hues[self.hue]
        return mix(hue, theme.ink, _DEEPER) if self.on_gpu else hue


Looks = dict[str, Look]


def looks_of(lines: Iterable[Line]) -> Looks:
    """The look of each backend, in the order in which they first occur.

    A backend that nobody knows takes the first hue that is left, never that of the own kernels.
    """
    on_gpu: dict[str, bool] = {}
    for line in lines:
        for name, row in line.rows.items():
            on_gpu[name] = on_gpu.get(name, False) or row.device == "cuda"
    known = {name: hue for name in on_gpu if (hue := _hue(name))}
    hues = [hue for hue in dict.fromkeys(_HUES.values()) if hue != _HUES["numba"]]
    left = chain([hue for hue in hues if hue not in known.values()], cycle(hues))
    alike: Counter[tuple[str, bool]] = Counter()
    looks = {}
    for (name, gpu), marker in zip(on_gpu.items(), cycle(_MARKERS), strict=False):
        hue = known.get(name) or next(left)
        dashes = _DASHES[alike[hue, gpu] % len(_DASHES)]
        looks[name] = Look(readable(name), hue, gpu, marker, dashes)
        alike[hue, gpu] += 1
    return looks


def _hue(backend: str) -> str | None:
    beginnings = [each for each in _HUES if backend == each or backend.startswith(f"{each}-")]
    return _HUES[max(beginnings, key=len)] if beginnings else None
