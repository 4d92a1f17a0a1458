"""The pictures of the report, as SVG that is the same to the byte for the same rows.

Matplotlib draws them and is loaded when the first is drawn.  Names of backends may be a stranger's:
they are made printable and short, and are text in the picture, never markup.
"""

from .bounds import bounds
from .fastest import fastest
from .picture import Picture
from .theme import DARK, LIGHT, Theme
from .times import times

__all__ = ["DARK", "LIGHT", "Picture", "Theme", "bounds", "fastest", "times"]
