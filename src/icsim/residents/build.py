"""From rows to the residents' model: each part is built by its own module and put in its place here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from icsim import rng
from icsim.areas.load import Area
from icsim.catalogue.load import Catalogue
from icsim.residents import anchor, moves, needs, starting
from icsim.residents import model as m
from icsim.residents.layout import Layout, layout_of


@dataclass(frozen=True)
class Built:
    """The model with the names of its axes."""

    layout: Layout
    model: m.ResidentModel
    trends: dict[int, np.ndarray]
    """calendar year → float32[K], factors in force from 1 January of that year"""

    @property
    def repeatable(self) -> int:
        """How many events can happen more than once."""
        return int(self.model.fired_slot.max(initial=-1)) + 1


def build(catalogue: Catalogue, area: Area, start: date, days: int, shipped: Catalogue | None = None) -> Built:
    """Everything the loops read, for a run of `days` days from `start`.

    `shipped`: the catalogue without the scenario's changes, by which rates and weights are anchored.
    """
    shipped = shipped or catalogue
    layout = layout_of(catalogue, area)
    ratio, shipped_ratio = (anchor.ratios(tables, layout, area) for tables in (catalogue, shipped))
    reference = starting.reference_population(shipped, layout, shipped_ratio)
    entering = reference
    if catalogue.prevalence != shipped.prevalence:
        entering = starting.reference_population(replace(shipped, prevalence=catalogue.prevalence), layout, shipped_ratio)
    accept, peaks, hours = needs.profiles(catalogue, layout, start, days)
    expected = anchor.expected_ratios(layout, reference, shipped_ratio)
    base = anchor.base_rates(layout, anchor.rates(catalogue, area, layout), expected, peaks)
    kind, attribute, target, fired_slot = moves.kinds(layout, catalogue)
    factor = anchor.factors(catalogue, layout)
    trends = anchor.trends(catalogue, layout, start, days)
    model = m.ResidentModel(
        base=base,
        ageing=anchor.ageing(base, kind),
        trend=trends[start.year],
        ratio=ratio.astype(np.float32),
        kind=kind,
        leave=np.int64(layout.column_of_kind("leave")),
        hand_over=np.int64(layout.hand_over),
        attribute=attribute,
        target=target,
        fired_slot=fired_slot,
        **touched(ratio),
        **moves.timers(layout),
        holds=moves.holds(layout, catalogue),
        has_weight=(factor != 1).any(axis=(1, 2)).astype(np.uint8),
        weight_attribute=np.flatnonzero((factor != 1).any(axis=(1, 2))).astype(np.int32),
        weight_rule=np.array([m.ODDS if w.rule == "odds" else m.MULTIPLY for w in catalogue.weights], np.int8),
        weight_base=anchor.weight_base(catalogue, layout, reference, anchor.factors(shipped, layout)),
        weight_factor=factor.astype(np.float32),
        demand=needs.demand_kinds(layout),
        **needs.severities(catalogue, layout),
        **needs.classes(catalogue, layout),
        accept=accept,
        hours=hours,
        **starting.start_arrays(layout, entering),
    )
    return Built(layout, model, trends)


def streams(layout: Layout, seed: int) -> m.Streams:
    """Addresses of all the residents' decisions for one seed; the name of a case does not depend on the seed."""
    names = ["birthday", *(row.event for row in layout.events)]
    names += [""] * (layout.columns - len(names))

    def by_column(what: str, seed: int = seed) -> np.ndarray:
        return np.array([rng.stream(seed, f"{what}.{name}") for name in names], np.uint64)

    def by_attribute(what: str) -> np.ndarray:
        return np.array([rng.stream(seed, f"{what}.{name}") for name in layout.attributes], np.uint64)

    return m.Streams(
        clock=by_column("clock"),
        accept=by_column("accept"),
        severity=by_column("severity"),
        case=by_column("case", 0),
        start=by_attribute("start"),
        timer=by_attribute("timer"),
        child=rng.stream(0, "child"),
        sex=rng.stream(seed, "sex at birth"),
    )


def touched(ratio: np.ndarray) -> dict[str, np.ndarray]:
    """Which columns each attribute touches, and which attributes touch each column, as compressed lists."""
    touches = (ratio != 1).any(axis=1)
    columns = [np.flatnonzero(row) for row in touches]
    attributes = [np.flatnonzero(row) for row in touches.T]
    return {
        "ratio_from": _offsets(columns),
        "ratio_column": _joined(columns),
        "event_from": _offsets(attributes),
        "event_attribute": _joined(attributes),
    }


def _offsets(lists: list[np.ndarray]) -> np.ndarray:
    return np.cumsum([0, *map(len, lists)]).astype(np.int32)


def _joined(lists: list[np.ndarray]) -> np.ndarray:
    return np.ascontiguousarray(np.concatenate([*lists, np.zeros(0)]), np.int32)
