"""Kinds of event, where moves lead, and which event a clock is of, from rows to arrays."""

from __future__ import annotations

import numpy as np

from icsim.catalogue import moved
from icsim.catalogue.load import Catalogue
from icsim.catalogue.rows import Event
from icsim.residents import model as m
from icsim.residents.layout import Layout, settings, targets


def kinds(layout: Layout) -> dict[str, np.ndarray]:
    """Kind int8[K], attribute int32[K], target int8[K, L], days float32[K]."""
    kind = np.full(layout.numbers, m.NO_EVENT, np.int8)
    attribute = np.full(layout.numbers, -1, np.int32)
    target = np.full((layout.numbers, layout.most_levels), -1, np.int8)
    days = np.zeros(layout.numbers, np.float32)
    for k, row in enumerate(layout.events, 1):
        kind[k] = m.KINDS.index(row.kind)
        days[k] = row.after_days or 0.0
        if row.attribute:
            attribute[k] = layout.attribute(row.attribute)
            target[k, : len(layout.levels[row.attribute])] = targets(layout.levels[row.attribute], row)
    return {"kind": kind, "attribute": attribute, "target": target, "timer_days": days}


def clocks(layout: Layout, catalogue: Catalogue) -> dict[str, np.ndarray]:
    """Clock columns: column int32[K], slot of the count int32[K], deciding attribute int32[C], event now int32[C, L], and
    the columns of each attribute's own moves and timers int32[A, 2], from and up to."""
    column, slot = np.zeros(layout.numbers, np.int32), np.full(layout.numbers, -1, np.int32)
    decides, event_at = np.zeros(layout.columns, np.int32), np.zeros((layout.columns, layout.most_levels), np.int32)
    own = np.zeros((len(layout.attributes), 2), np.int32)
    for c, names in enumerate(layout.clocks, 1):
        numbers = [layout.number(name) for name in names]
        rows = [layout.events[k - 1] for k in numbers]
        column[numbers] = c
        if rows[0].kind not in ("move", "timer"):
            event_at[c] = numbers[0]
        else:
            a = layout.attribute(rows[0].attribute)
            own[a] = own[a, 0] or c, c + 1
            decides[c] = a
            for k, row in zip(numbers, rows, strict=True):
                event_at[c, np.flatnonzero(targets(layout.levels[row.attribute], row) >= 0)] = k
    for names in layout.counted_together:
        rows = [layout.events[layout.number(name) - 1] for name in names]
        if any(repeatable(layout, catalogue, row) for row in rows):
            slot[[layout.number(name) for name in names]] = slot.max() + 1
    return {"column": column, "fired_slot": slot, "decides": decides, "event_at": event_at, "own_columns": own}


def repeatable(layout: Layout, catalogue: Catalogue, row: Event) -> bool:
    """Whether the clock of the event may have to be set again after it was set at entry.

    That of a move may, where programmes move its attribute, or if it can happen where it leads to, or if whatever sets its
    attribute (events, severities, outcomes) leads back to a level at which it can happen, once that was left or from one
    that is set from outside.
    """
    if row.kind != "move":
        return row.kind in ("birth", "demand")
    if any(moved.origin(level) for level in layout.levels[row.attribute]):
        return True
    step = targets(layout.levels[row.attribute], row)
    can = {level for level, to in enumerate(step) if to >= 0}
    left = set().union(*(_next_levels(layout, row.attribute, level) for level in can)) - can
    frontier = left | {int(step[level]) for level in can} | _set_from_outside(layout, catalogue, row.attribute)
    reached: set[int] = set()
    while frontier:
        level = frontier.pop()
        reached.add(level)
        frontier |= _next_levels(layout, row.attribute, level) - reached
    return bool(reached & can)


def _next_levels(layout: Layout, attribute: str, level: int) -> set[int]:
    """Levels to which some event moves the attribute from this level."""
    own = (row for row in layout.events if row.attribute == attribute)
    moves = (targets(layout.levels[attribute], row)[level] for row in own)
    return {int(to) for to in moves if to >= 0}


def _set_from_outside(layout: Layout, catalogue: Catalogue, attribute: str) -> set[int]:
    """Levels that a severity, an outcome or an unanswered demand gives."""
    texts = [*(row.sets for row in catalogue.severities), *(row.sets for row in catalogue.outcomes)]
    pairs = [pair for text in texts for pair in settings(text)]
    return {layout.level(name, level) for name, level in pairs if name == attribute}


def holds(layout: Layout, catalogue: Catalogue) -> np.ndarray:
    """uint8[A]: attributes by which some service is held for long."""
    named = {name for row in catalogue.services for name, _ in settings(row.held_by)}
    return np.array([name in named for name in layout.attributes], np.uint8)
