"""What every record of a file has in common."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Size = Annotated[int, Field(ge=1)]
# Seconds of a call: a picosecond to thirty years.  Of what lies beyond, ratios overflow.
Duration = Annotated[float, Field(ge=1e-12, le=1e9)]
_FIELDS_SET: dict[frozenset[str], set[str]] = {}


class Model(BaseModel):
    """Strict, immutable, finite; fields that this version does not know are ignored."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        extra="ignore",
        use_attribute_docstrings=True,
    )

    def model_post_init(self, context: Any) -> None:  # noqa: ARG002
        """Equal sets of the names of fields are one: a record's own takes more than its numbers."""
        own = self.__pydantic_fields_set__
        shared = _FIELDS_SET.setdefault(frozenset(own), own)
        object.__setattr__(self, "__pydantic_fields_set__", shared)

    def as_file(self) -> str:
        """The text of a file that holds this record."""
        return self.model_dump_json(by_alias=True, indent=1) + "\n"
