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
from icsim.residents.layout import Layout, joined, layout_of, offsets


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


def build(catalogue: Catalogue, area: Area, start: date, days: int,
          anchoring: tuple[Catalogue, Area] | None = None) -> Built:
    """Everything the loops read, for a run of `days` days from `start`.

    `anchoring`: the tables without the scenario's changes, by which rates and weights are anchored.
    """
    shipped, shipped_area = anchoring or (catalogue, area)
    layout = layout_of(catalogue, area)
    ratio, anchored = anchor.ratios(catalogue, layout, area), anchor.anchored(shipped)
    entering = anchored.reference
    if catalogue.prevalence != shipped.prevalence:
        entering = anchor.anchored(replace(shipped, prevalence=catalogue.prevalence)).reference
    weighted = replace(shipped, norms=catalogue.norms, corrections=catalogue.corrections)
    norms = anchored if weighted == shipped else anchor.anchored(weighted)
    anchored, norms = (anchor.with_enrolled(shipped, shipped_area, each) for each in (anchored, norms))
    accept, peaks, hours = needs.profiles(catalogue, layout, start, days)
    base = anchor.base_rates(layout, anchor.rates(catalogue, area, layout), anchored.expected, peaks)
    events, clocks = moves.kinds(layout), moves.clocks(layout, catalogue)
    ageing = anchor.ageing(base, events["kind"])
    factor = anchor.factors(catalogue, layout)
    trends = anchor.trends(catalogue, layout, start, days, area)
    model = m.ResidentModel(
        base=base,
        ageing=ageing,
        ageing_first=np.ascontiguousarray(ageing[..., clocks["event_at"][:, 0]]),
        trend=trends[start.year],
        ratio=ratio.astype(np.float32),
        leave=np.int64(layout.column_of_kind("leave")),
        **events,
        **clocks,
        **touched(ratio, clocks["column"]),
        holds=moves.holds(layout, catalogue),
        has_weight=(factor != 1).any(axis=(1, 2)).astype(np.uint8),
        has_factor=(factor != 1).any(axis=2).astype(np.uint8),
        weight_rule=np.array([m.ODDS if w.rule == "odds" else m.MULTIPLY for w in catalogue.weights], np.int8),
        weight_base=norms.weight_base,
        weight_factor=factor.astype(np.float32),
        demand=needs.demand_kinds(layout),
        **needs.severities(catalogue, layout),
        **needs.classes(catalogue, layout),
        accept=accept,
        hours=hours,
        **starting.start_arrays(layout, entering, area),
    )
    return Built(layout, model, trends)


def streams(layout: Layout, seed: int) -> m.Streams:
    """Addresses of all the residents' decisions for one seed; the name of a case does not depend on the seed."""
    names = ["birthday", *(row.event for row in layout.events)]

    def by_event(what: str, seed: int = seed) -> np.ndarray:
        return np.array([rng.stream(seed, f"{what}.{name}") for name in names], np.uint64)

    def by_attribute(what: str) -> np.ndarray:
        return np.array([rng.stream(seed, f"{what}.{name}") for name in layout.attributes], np.uint64)

    return m.Streams(
        clock=by_event("clock"),
        accept=by_event("accept"),
        severity=by_event("severity"),
        case=by_event("case", 0),
        start=by_attribute("start"),
        timer=by_attribute("timer"),
        child=rng.stream(0, "child"),
        sex=rng.stream(seed, "sex at birth"),
    )


def touched(ratio: np.ndarray, column: np.ndarray) -> dict[str, np.ndarray]:
    """Which events each attribute touches, and which attributes touch each event, as compressed lists."""
    touches = (ratio != 1).any(axis=1)
    events = [np.flatnonzero(row) for row in touches]
    attributes = [np.flatnonzero(row) for row in touches.T]
    values = [ratio[a][:, found].T for a, found in enumerate(events)]
    return {
        "ratio_from": offsets(events),
        "ratio_event": joined(events),
        "ratio_column": column[joined(events)],
        "ratio_value": np.ascontiguousarray(np.concatenate(values), np.float32),
        "event_from": offsets(attributes),
        "event_attribute": joined(attributes),
        "has_ratio": (ratio != 1).any(axis=2).astype(np.uint8),
    }
