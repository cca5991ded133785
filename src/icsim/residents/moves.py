"""Kinds of event, where moves lead, and timers, from rows to arrays."""

from __future__ import annotations

import numpy as np

from icsim.catalogue.load import Catalogue
from icsim.catalogue.rows import Event
from icsim.residents import model as m
from icsim.residents.layout import Layout, settings


def kinds(layout: Layout, catalogue: Catalogue) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Kind int8[K], attribute int32[K], target int8[K, L], place in `fired` int32[K]."""
    kind = np.full(layout.columns, m.NO_EVENT, np.int8)
    kind[layout.hand_over] = m.HAND_OVER
    attribute = np.full(layout.columns, -1, np.int32)
    target = np.full((layout.columns, layout.most_levels), -1, np.int8)
    fired_slot = np.full(layout.columns, -1, np.int32)
    for row in layout.events:
        k = layout.column(row.event)
        kind[k] = m.KINDS.index(row.kind)
        if row.attribute:
            attribute[k] = layout.attribute(row.attribute)
            target[k, : len(layout.levels[row.attribute])] = targets(layout, row)
        if repeatable(layout, catalogue, row):
            fired_slot[k] = fired_slot.max() + 1
    return kind, attribute, target, fired_slot


def repeatable(layout: Layout, catalogue: Catalogue, row: Event) -> bool:
    """Whether the clock of the event is needed again once it has rung.

    That of a move is, if whatever sets its attribute (events, severities, outcomes) leads from where it ends, or from a
    level at which it cannot happen, to a level from which it can.
    """
    if row.kind != "move":
        return row.kind in ("birth", "demand")
    step = targets(layout, row)
    frontier = {int(to) for to in step if to >= 0} | {level for level, to in enumerate(step) if to < 0}
    frontier |= _set_from_outside(layout, catalogue, row.attribute)
    reached: set[int] = set()
    while frontier:
        level = frontier.pop()
        reached.add(level)
        frontier |= _next_levels(layout, row.attribute, level) - reached
    return any(step[level] >= 0 for level in reached)


def _next_levels(layout: Layout, attribute: str, level: int) -> set[int]:
    """Levels to which some event moves the attribute from this level."""
    moves = (targets(layout, row)[level] for row in layout.events if row.attribute == attribute)
    return {int(to) for to in moves if to >= 0}


def _set_from_outside(layout: Layout, catalogue: Catalogue, attribute: str) -> set[int]:
    """Levels that a severity, an outcome or an unanswered demand gives."""
    texts = [*(row.sets for row in catalogue.severities), *(row.sets for row in catalogue.outcomes)]
    pairs = [pair for text in texts for pair in settings(text)]
    return {layout.level(name, level) for name, level in pairs if name == attribute}


def targets(layout: Layout, row: Event) -> np.ndarray:
    """int8[level]: where the event moves its attribute from each level; −1 where it cannot happen."""
    levels = layout.levels[row.attribute]
    here = np.arange(len(levels))
    to = here + int(row.to_level) if row.to_level in ("+1", "-1") else np.full(len(levels), levels.index(row.to_level))
    allowed = [not row.from_levels or level in row.from_levels.split("|") for level in levels]
    possible = np.array(allowed) & (to >= 0) & (to < len(levels)) & (to != here)
    return np.where(possible, to, -1).astype(np.int8)


def holds(layout: Layout, catalogue: Catalogue) -> np.ndarray:
    """uint8[A]: attributes by which some service is held for long."""
    named = {name for row in catalogue.services for name, _ in settings(row.held_by)}
    return np.array([name in named for name in layout.attributes], np.uint8)


def timers(layout: Layout) -> dict[str, np.ndarray]:
    shape = len(layout.attributes), layout.most_levels
    column, days = np.full(shape, -1, np.int32), np.zeros(shape, np.float32)
    for row in layout.events:
        if row.kind == "timer":
            a = layout.attribute(row.attribute)
            for level, to in enumerate(targets(layout, row)):
                if to >= 0:
                    column[a, level], days[a, level] = layout.column(row.event), row.after_days
    return {"timer_column": column, "timer_days": days, "has_timer": np.asarray((column >= 0).any(axis=1), np.uint8)}
