"""Names of the axes of the residents' model: which number stands for which attribute, level and event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from icsim.areas.load import Area
from icsim.catalogue import moved
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
    """in the order of the event axis, from number 1; death is the first"""
    weights: tuple[str, ...]
    demands: tuple[str, ...]
    clocks: tuple[tuple[str, ...], ...]
    """events of each clock column, from column 1: a column is the clock of whichever of its events can happen now"""
    counted_together: tuple[tuple[str, ...], ...]
    """events whose clocks are counted together, each time one is set again: those that would share one if no programme moved
    anybody, so that nobody's luck depends on whether one does"""

    @property
    def numbers(self) -> int:
        """Length of the event axis: the birthday and the events."""
        return len(self.events) + 1

    @property
    def columns(self) -> int:
        """Clock columns with padding: the birthday and those of the events."""
        return -(-(len(self.clocks) + 1) // BLOCK) * BLOCK

    def number(self, event: str) -> int:
        """Number of an event on the event axis."""
        return 1 + next(n for n, row in enumerate(self.events) if row.event == event)

    def column(self, event: str) -> int:
        """Clock column of an event."""
        return 1 + next(c for c, events in enumerate(self.clocks) if event in events)

    def column_of_kind(self, kind: str) -> int:
        """Clock column of the one event of this kind; 0: there is none."""
        return next((self.column(row.event) for row in self.events if row.kind == kind), 0)

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
    return layout_with(catalogue, area.place_names)


def layout_with(catalogue: Catalogue, places: tuple[str, ...]) -> Layout:
    """The same with these places, or with none: what is true anywhere needs none."""
    named = [a for a in catalogue.levels if a not in ("sex", "quintile")]
    attributes = ("sex", "quintile", PLACE_NAME, *named)
    levels = {**catalogue.levels, PLACE_NAME: places}
    own = (row for row in catalogue.events if row.kind != "stream")
    events = sorted(own, key=lambda row: row.kind != "death")
    demands = tuple(row.event for row in events if row.kind == "demand")
    weights = tuple(w.weight for w in catalogue.weights)
    plain = {a: tuple(level for level in own if not moved.origin(level)) for a, own in levels.items()}
    return Layout(attributes, levels, tuple(events), weights, demands, _clocks(attributes, levels, events),
                  _clocks(attributes, plain, events))


def _clocks(attributes: Iterable[str], levels: Mapping[str, tuple[str, ...]],
            events: Iterable[Event]) -> tuple[tuple[str, ...], ...]:
    """One clock for each event that may come at any level; moves and timers of an attribute that are never possible at
    the same level share one. A column each would cost every resident as much again (decision 0018).
    """
    clocks: list[tuple[str, ...]] = [(row.event,) for row in events if row.kind not in ("move", "timer")]
    for a in attributes:
        own: list[tuple[list[str], set[int]]] = []
        for row in (row for row in events if row.kind in ("move", "timer") and row.attribute == a):
            possible = {level for level, to in enumerate(targets(levels[a], row)) if to >= 0}
            for names, taken in own:
                if not taken & possible:
                    names.append(row.event)
                    taken |= possible
                    break
            else:
                own.append(([row.event], possible))
        clocks += [tuple(names) for names, _ in own]
    return tuple(clocks)


def targets(levels: tuple[str, ...], row: Event) -> np.ndarray:
    """int8[level]: where the event moves its attribute, which has these levels, from each; −1 where it cannot happen.

    Whoever was moved by a programme goes on among the levels of those who were. What would have befallen them where they
    came from still does: where the event can happen there too, they come from one further on; and what would have led them
    from there towards where they are makes them as those who came by themselves.
    """
    known = [level for level in levels if not moved.origin(level)]
    here = np.arange(len(known))
    to = here + int(row.to_level) if row.to_level in ("+1", "-1") else np.full(len(known), known.index(row.to_level))
    allowed = [not row.from_levels or level in row.from_levels.split("|") for level in known]
    possible = np.array(allowed) & (to >= 0) & (to < len(known)) & (to != here)
    leads = np.where(possible, to, -1).tolist()
    return np.array([_target(levels, known, leads, level, row.kind) for level in levels], np.int8)


def _target(levels: tuple[str, ...], known: list[str], leads: list[int], level: str, kind: str) -> int:
    at, start = known.index(moved.plain(level)), moved.origin(level)
    if not start:
        return leads[at]
    came_from = known.index(start)
    further = leads[came_from] if kind == "move" else -1
    if leads[at] >= 0:
        both = moved.moved(known[leads[at]], known[further]) if further >= 0 else ""
        return levels.index(both if both in levels else moved.moved(known[leads[at]], start))
    return at if further >= 0 and (further - came_from) * (at - came_from) > 0 else -1


def settings(text: str) -> list[tuple[str, str]]:
    """Read "hip_fracture=first_month; injury=recent" as pairs."""
    pairs = [part.partition("=") for part in text.split(";") if part.strip()]
    return [(name.strip(), value.strip()) for name, _, value in pairs]


def offsets(lists: list[np.ndarray]) -> np.ndarray:
    """int32[list + 1]: where each list begins once they are joined."""
    return np.cumsum([0, *map(len, lists)]).astype(np.int32)


def joined(lists: list[np.ndarray]) -> np.ndarray:
    """int32[…]: one list after the other."""
    return np.ascontiguousarray(np.concatenate([*lists, np.zeros(0)]), np.int32)
