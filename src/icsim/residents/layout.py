"""Names of the axes of the residents' model: which number stands for which attribute, level and event."""

from __future__ import annotations

from dataclasses import dataclass

from icsim.areas.load import Area
from icsim.catalogue.load import Catalogue
from icsim.catalogue.rows import Event
from icsim.state import AGES, BLOCK, QUINTILES, SEXES

CELL = (SEXES, QUINTILES, AGES)
PLACE_NAME = "place"


@dataclass(frozen=True)
class Layout:
    """Names of the axes."""

    attributes: tuple[str, ...]
    levels: dict[str, tuple[str, ...]]
    events: tuple[Event, ...]
    """in the order of the clock columns, from column 1; death is the first"""
    weights: tuple[str, ...]
    demands: tuple[str, ...]

    @property
    def columns(self) -> int:
        """Clock columns with padding: the birthday, the events, the late hand-over."""
        return -(-(len(self.events) + 2) // BLOCK) * BLOCK

    @property
    def hand_over(self) -> int:
        """Clock column of the late hand-over."""
        return 1 + len(self.events)

    def column(self, event: str) -> int:
        """Clock column of an event."""
        return 1 + next(n for n, row in enumerate(self.events) if row.event == event)

    def column_of_kind(self, kind: str) -> int:
        """Clock column of the one event of this kind; 0: there is none."""
        return next((1 + n for n, row in enumerate(self.events) if row.kind == kind), 0)

    def attribute(self, name: str) -> int:
        """Index of an attribute."""
        return self.attributes.index(name)

    def level(self, attribute: str, level: str) -> int:
        """Index of a level."""
        return self.levels[attribute].index(level)

    @property
    def most_levels(self) -> int:
        """Length of the level axis."""
        return max(map(len, self.levels.values()))


def layout_of(catalogue: Catalogue, area: Area) -> Layout:
    """Sex, quintile and place first, then the catalogue's attributes; death first, then its events."""
    named = [a for a in catalogue.levels if a not in ("sex", "quintile")]
    attributes = ("sex", "quintile", PLACE_NAME, *named)
    levels = {**catalogue.levels, PLACE_NAME: area.place_names}
    own = (row for row in catalogue.events if row.kind != "stream")
    events = sorted(own, key=lambda row: row.kind != "death")
    demands = tuple(row.event for row in events if row.kind == "demand")
    return Layout(attributes, levels, tuple(events), tuple(w.weight for w in catalogue.weights), demands)


def settings(text: str) -> list[tuple[str, str]]:
    """Read "hip_fracture=first_month; injury=recent" as pairs."""
    pairs = [part.partition("=") for part in text.split(";") if part.strip()]
    return [(name.strip(), value.strip()) for name, _, value in pairs]
