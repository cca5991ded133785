"""Starting levels: prevalences, and how they depend on each other, from rows to arrays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from icsim.areas.load import Area
from icsim.catalogue import expand
from icsim.catalogue.load import Catalogue
from icsim.residents.layout import CELL, Layout, joined, offsets, settings, targets
from icsim.residents.reference import Reference, reference


def reference_population(catalogue: Catalogue, layout: Layout, ratio: np.ndarray) -> Reference:
    """Prevalences with the model's own dependence between attributes."""
    prevalence = {}
    for a in layout.attributes[3:]:
        levels = layout.levels[a]
        rows = [[r for r in catalogue.prevalence if (r.attribute, r.level) == (a, level)] for level in levels]
        prevalence[a] = np.stack([expand.expand_ages(found) for found in rows], axis=-1)
    factors = {a: _start_factors(catalogue, layout, ratio, a) for a in prevalence}
    return reference(prevalence, factors)


def _start_factors(catalogue: Catalogue, layout: Layout, ratio: np.ndarray, a: str) -> dict[str, np.ndarray]:
    """By attribute before `a`: Π ratio on the events that lead to each level of `a`, float64[level of that one, level]."""
    ways = [[layout.number(event) for event in way] for way in ways_in(catalogue, layout, a)]
    before = layout.attributes[3 : layout.attribute(a)]
    by_level = {b: np.stack([ratio[layout.attribute(b), : len(layout.levels[b]), way].prod(axis=0) for way in ways], axis=-1)
                for b in before}
    return {b: values for b, values in by_level.items() if (values != 1).any()}


def ways_in(catalogue: Catalogue, layout: Layout, a: str) -> list[tuple[str, ...]]:
    """By level of `a`: the events with a rate on the shortest way there from the first level, each named once.

    A timer has no rate; a demand sets the levels of its severities.
    """
    ways: dict[int, tuple[str, ...]] = {0: ()}
    steps = list(_steps(catalogue, layout, a))
    reached = [0]
    for here in reached:
        for event, start, to in steps:
            if start == here and to not in ways:
                ways[to] = tuple(dict.fromkeys((*ways[here], *event)))
                reached.append(to)
    return [ways.get(level, ()) for level in range(len(layout.levels[a]))]


def _steps(catalogue: Catalogue, layout: Layout, a: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Every way from one level of `a` to another: its event (none: a timer), from, to."""
    for row in layout.events:
        if row.kind in ("move", "demand", "timer") and row.attribute == a:
            rated = () if row.kind == "timer" else (row.event,)
            yield from ((rated, start, int(to)) for start, to in enumerate(targets(layout.levels[a], row)) if to >= 0)
    for severity in catalogue.severities:
        level = dict(settings(severity.sets)).get(a)
        if level:
            yield (severity.event,), 0, layout.level(a, level)


def last_steps(catalogue: Catalogue, layout: Layout, a: str, level: str) -> list[str]:
    """Moves and demands by which people come to `level` of `a` from the levels before it."""
    own = layout.level(a, level)
    rated = ("move", "demand")
    return [row.event for row in layout.events if row.kind in rated and row.attribute == a
            and any(to == own > start for start, to in enumerate(targets(layout.levels[a], row)))]


def start_arrays(layout: Layout, ref: Reference, area: Area) -> dict[str, np.ndarray]:
    """Odds of each level at entry, and which attributes they depend on, as compressed lists.

    In an area where a level is more common than in England, its odds are higher.
    """
    count, most = len(layout.attributes), layout.most_levels
    odds = np.zeros((count, *CELL, most), np.float32)
    factor = np.ones((count, count, most, most), np.float32)
    for a in ref.order:
        n = layout.attribute(a)
        odds[n, ..., : ref.odds[a].shape[-1]] = ref.odds[a]
        for row in area.odds:
            if row.attribute == a:
                odds[n, ..., layout.level(a, row.level)] *= np.float32(row.value)
        for b, values in ref.factors[a].items():
            factor[n, layout.attribute(b), : values.shape[0], : values.shape[1]] = values
    before = [np.flatnonzero((by_level != 1).any(axis=(1, 2))) for by_level in factor]
    sizes = np.array([len(layout.levels[a]) for a in layout.attributes], np.int32)
    return {"start_odds": odds, "start_levels": sizes, "start_factor": factor, "start_from": offsets(before),
            "start_attribute": joined(before), "comes_in_life": comes_in_life(layout)}


def comes_in_life(layout: Layout) -> np.ndarray:
    """uint8[A], 1: of those born, all begin at the attribute's first level.

    Shares at age 0 are those half a year after birth. Of what begins in life and never ends nothing is there on the first
    day, else what begins in the first year would be counted twice. What comes and goes (the home that a child is born into)
    and what never changes are there from the start.
    """
    found = np.zeros(len(layout.attributes), np.uint8)
    for n, name in enumerate(layout.attributes):
        ways = [targets(layout.levels[name], row) for row in layout.events if row.attribute == name and row.kind != "leave"]
        found[n] = any(to[0] > 0 for to in ways) and not any((to[1:] == 0).any() for to in ways)
    return found
