"""Levels of those whom a programme moved: where they are and where they came from, as in `ex_first_year~current`.

Who smoked and was helped to stop has lived otherwise than who stopped alone; and of what was seen to go with a level, only
part may be its doing. So somebody moved has a level of their own, at which every ratio lies between that of the level they
came from and that of the level they are at, as far as it is causal. What happens to them later leads to such levels again,
until they are back where they came from, or until they would have come to where they are by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from icsim.catalogue.load import Catalogue

MARK = "~"
ORIGIN = "origin"
"""In a move of a programme: back to where those came from whom it moved."""


def moved(level: str, origin: str) -> str:
    """The level of somebody at `level` whom a programme took away from `origin`; the plain level for who is back there."""
    return level if plain(level) == origin else f"{plain(level)}{MARK}{origin}"


def plain(level: str) -> str:
    """The level of the tables: ex_first_year of ex_first_year~current."""
    return level.partition(MARK)[0]


def origin(level: str) -> str:
    """Where a programme took them from: current of ex_first_year~current; empty for whoever none moved."""
    return level.partition(MARK)[2]


def with_moved_levels(catalogue: Catalogue, programmes: Iterable[str]) -> Catalogue:
    """The catalogue with levels for those whom these programmes move."""
    wanted = set(programmes)
    left = dict.fromkeys((row.attribute, row.level) for row in catalogue.programme_moves
                         if row.programme in wanted and row.to != ORIGIN)
    label = {(row.attribute, row.level): row for row in catalogue.attributes}
    new = [replace(label[attribute, level], level=moved(level, start))
           for attribute, start in left for level in catalogue.levels[attribute] if level != start]
    return replace(catalogue, attributes=(*catalogue.attributes, *new))


def target(levels: tuple[str, ...], level: str, to: str) -> int:
    """Which of these levels a programme's move `to` takes somebody to who is at `level`; −1: nowhere they could go."""
    start = origin(level)
    if to == ORIGIN:
        return levels.index(start) if start else -1
    return levels.index(moved(to, start or plain(level)))

