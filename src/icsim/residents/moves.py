"""Kinds of event, where moves lead, and timers, from rows to arrays."""

from __future__ import annotations

import numpy as np

from icsim.catalogue.rows import Event
from icsim.residents import model as m
from icsim.residents.layout import Layout


def kinds(layout: Layout) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Kind int8[K], attribute int32[K], target int8[K, L], place in `fired` int32[K]."""
    kind = np.full(layout.columns, m.NO_EVENT, np.int8)
    attribute = np.full(layout.columns, -1, np.int32)
    target = np.full((layout.columns, layout.most_levels), -1, np.int8)
    fired_slot = np.full(layout.columns, -1, np.int32)
    for row in layout.events:
        k = layout.column(row.event)
        kind[k] = m.KINDS.index(row.kind)
        if row.attribute:
            attribute[k] = layout.attribute(row.attribute)
            target[k, : len(layout.levels[row.attribute])] = targets(layout, row)
        if row.kind not in ("death", "leave", "timer"):
            fired_slot[k] = fired_slot.max() + 1
    return kind, attribute, target, fired_slot


def targets(layout: Layout, row: Event) -> np.ndarray:
    """int8[level]: where the event moves its attribute from each level; −1 where it cannot happen."""
    levels = layout.levels[row.attribute]
    here = np.arange(len(levels))
    to = here + int(row.to_level) if row.to_level in ("+1", "-1") else np.full(len(levels), levels.index(row.to_level))
    allowed = [not row.from_levels or level in row.from_levels.split("|") for level in levels]
    possible = np.array(allowed) & (to >= 0) & (to < len(levels)) & (to != here)
    return np.where(possible, to, -1).astype(np.int8)


def timers(layout: Layout) -> dict[str, np.ndarray]:
    shape = len(layout.attributes), layout.most_levels
    column, days = np.full(shape, -1, np.int32), np.zeros(shape, np.float32)
    for row in layout.events:
        if row.kind == "timer":
            a = layout.attribute(row.attribute)
            for level, to in enumerate(targets(layout, row)):
                if to >= 0:
                    column[a, level], days[a, level] = layout.column(row.event), row.after_days
    return {"timer_column": column, "timer_days": days, "has_timer": (column >= 0).any(axis=1).astype(np.uint8)}
