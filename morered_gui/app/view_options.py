"""How the molecule is drawn and what is measured in it: plain data, for views and sessions."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from morered_gui.app.measurements import Measurement


class Style(StrEnum):
    """How atoms and bonds are drawn."""

    BALL = "ball"
    STICK = "stick"
    SPHERE = "sphere"
    LINE = "line"
    SURFACE = "surface"


class Labels(StrEnum):
    """What is written on the atoms."""

    NONE = "none"
    ELEMENT = "element"
    NUMBER = "number"


class ColourBy(StrEnum):
    """What the colour of an atom says."""

    ELEMENT = "element"
    DISPLACEMENT = "displacement"
    NOISE = "noise"
    SPREAD = "spread"


class BondsFrom(StrEnum):
    """Which bonds a frame is drawn with."""

    MOLECULE = "molecule"  # the same in all frames
    FRAME = "frame"  # perceived from the distances in each frame


@dataclass(frozen=True)
class ViewOptions:
    """All choices for the 3D view; ``background`` None is that of the theme.

    ``cloud``: the results of all seeds are drawn as well.
    """

    style: Style = Style.BALL
    labels: Labels = Labels.NONE
    colour_by: ColourBy = ColourBy.ELEMENT
    arrows: bool = False
    background: str | None = None
    measurements: tuple[Measurement, ...] = ()
    bonds: BondsFrom = BondsFrom.MOLECULE
    cloud: bool = False

    def as_table(self) -> dict[str, Any]:
        """Plain data for a session file."""
        return {**asdict(self), "measurements": [list(m.atoms) for m in self.measurements]}

    @classmethod
    def of_table(cls, table: Mapping[str, Any]) -> Self:
        """From ``as_table``; raises ValueError, TypeError or KeyError where it makes no sense."""
        background = table["background"]
        return cls(
            style=Style(table["style"]),
            labels=Labels(table["labels"]),
            colour_by=ColourBy(table["colour_by"]),
            arrows=bool(table["arrows"]),
            background=None if background is None else str(background),
            measurements=tuple(
                Measurement(tuple(int(k) for k in atoms)) for atoms in table["measurements"]
            ),
            # Older session files have neither.
            bonds=BondsFrom(table.get("bonds", BondsFrom.MOLECULE)),
            cloud=bool(table.get("cloud", False)),
        )
