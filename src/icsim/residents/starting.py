"""Starting levels: prevalences, and how they depend on each other, from rows to arrays."""

from __future__ import annotations

import numpy as np

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
    """Ratios, by level of the attributes before `a`, on the event that leads away from the first level of `a`."""
    event = _way_in(catalogue, layout, a)
    if event is None:
        return {}
    before = layout.attributes[3 : layout.attribute(a)]
    k = layout.number(event)
    by_level = {b: ratio[layout.attribute(b), : len(layout.levels[b]), k] for b in before}
    return {b: values for b, values in by_level.items() if (values != 1).any()}


def _way_in(catalogue: Catalogue, layout: Layout, a: str) -> str | None:
    """The move (or demand) that leads away from the first level of `a`, or the demand one of whose severities sets it."""
    for row in layout.events:
        if row.kind in ("move", "demand") and row.attribute == a and targets(layout.levels[a], row)[0] > 0:
            return row.event
    for severity in catalogue.severities:
        if a in dict(settings(severity.sets)):
            return severity.event
    return None


def start_arrays(layout: Layout, ref: Reference) -> dict[str, np.ndarray]:
    count, most = len(layout.attributes), layout.most_levels
    odds, cumulative = np.zeros((count, *CELL), np.float32), np.ones((count, *CELL, most), np.float32)
    factor = np.ones((count, count, most), np.float32)
    for a in ref.order:
        n = layout.attribute(a)
        odds[n] = ref.odds[a]
        cumulative[n, ..., : len(layout.levels[a])] = np.cumsum(ref.among[a], axis=-1)
        for b, values in ref.factors[a].items():
            factor[n, layout.attribute(b), : len(values)] = values
    before = [np.flatnonzero((by_level != 1).any(axis=1)) for by_level in factor]
    return {"start_odds": odds, "start_from": offsets(before), "start_attribute": joined(before), "start_factor": factor,
            "start_cumulative": cumulative}
