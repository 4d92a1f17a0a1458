"""The precisions of a row: what its arrays hold, and what its products round to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Precision:
    """One precision.

    Attributes:
        name: as in a row id.
        storage: the dtype of every array that a row takes and gives.
        itemsize: bytes of one of its elements.
        significand: bits of the numbers that a product multiplies, the leading one included.
        about: what it is, for a report.
        is_mixed: products multiply numbers rounded to ``significand`` bits and sum in float32;
            what is between products is float32 or ``storage``.
    """

    name: str
    storage: str
    itemsize: int
    significand: int
    about: str
    is_mixed: bool = False

    @property
    def roundoff(self) -> float:
        """The unit roundoff: the largest relative error of rounding a number to nearest."""
        return 2.0**-self.significand


_HALVES = "arrays and the factors of products in two bytes, sums in float32"

# float16: IEEE 754 binary16.  bfloat16: the upper half of a float32.  tf32: NVIDIA's tensor cores
# take float32 and keep 10 of its 23 fraction bits.
PRECISIONS = {
    each.name: each
    for each in (
        Precision("float32", "float32", 4, 24, "float32 throughout, no TF32"),
        Precision("float64", "float64", 8, 53, "float64 throughout"),
        Precision("float16", "float16", 2, 11, _HALVES, is_mixed=True),
        Precision("bfloat16", "bfloat16", 2, 8, _HALVES, is_mixed=True),
        Precision(
            "tf32",
            "float32",
            4,
            11,
            "float32 arrays, whose products keep 11 of 24 bits of each factor and sum in float32",
            is_mixed=True,
        ),
    )
}
