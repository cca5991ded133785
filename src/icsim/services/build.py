"""From rows to the services' model: pathways, pools, opening hours and catchments as arrays."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from icsim import rng
from icsim.areas.load import Area
from icsim.calendar import MS_PER_DAY
from icsim.catalogue import when
from icsim.catalogue.load import Catalogue
from icsim.catalogue.rows import Quantity, Step
from icsim.services import capacity, congestion, places
from icsim.services import model as m
from icsim.services.names import Layout
from icsim.units import FACTORS


def build(catalogue: Catalogue, area: Area, layout: Layout, start: date, days: int, seed: int, *, growth: bool = True,
          again: int = 0) -> m.ServiceModel:
    """Everything the engines read, for a run of `days` days from `start`.

    growth: whether capacity follows its declared path; again: a day at which the capacity of every pool is stated once
    more, for a model that takes over from another there.
    """
    # Cases of streams, last in `demands`, have class 0 of those that residents on their pathway have.
    classes = {row.pathway: when.classes_of(catalogue, row) for row in reversed(layout.demands)}
    most = max((len(found) for found in classes.values()), default=1)
    duration, patience, priority = _quantities(catalogue, layout, classes, most)
    sets = [_setting(layout, row.sets) for row in catalogue.outcomes]
    services = {row.service: row for row in catalogue.services}
    changes = capacity.changes(catalogue, area, start, days, growth, again)
    return m.ServiceModel(
        start=np.array([_first_step(layout, row.pathway) for row in layout.demands], np.int32),
        step_service=np.array([layout.services.index(s.service) if s.service else -1 for s in layout.steps], np.int32),
        step_hold=np.array([s.hold for s in layout.steps], np.uint8),
        step_keep=np.array([bool(s.service and services[s.service].held_by) for s in layout.steps], np.uint8),
        step_yield=np.array([s.yields for s in layout.steps], np.uint8),
        step_mark=np.array([s.mark for s in layout.steps], np.uint8),
        step_refuse=np.array([_refusal(s) for s in layout.steps], np.uint8),
        step_otherwise=np.array([_otherwise(layout, s) for s in layout.steps], np.int32),
        step_priority=priority,
        duration=duration,
        patience=patience,
        **luck(catalogue, layout, seed),
        **_branches(catalogue, layout, classes, most),
        **congestion.diversions(catalogue, layout),
        **congestion.shortened(catalogue, layout),
        outcome_attribute=np.array([a for a, _ in sets], np.int16),
        outcome_level=np.array([level for _, level in sets], np.int16),
        **places.providers(area, layout),
        pool_queue_limit=np.array([_limit(services[pool.service]) for pool in layout.pools], np.int32),
        pool_shift_end=np.array([m.SHIFT_END.index(services[pool.service].shift_end) for pool in layout.pools], np.int8),
        pool_reserve=np.array([pool.reserve for pool in layout.pools], np.int32),
        **congestion.escalation(catalogue, layout),
        change_ms=changes[:, 0],
        change_pool=changes[:, 1].astype(np.int32),
        change_capacity=changes[:, 2].astype(np.int32),
        put_off_by=np.int64(MS_PER_DAY),
    )


def refunded(model: m.ServiceModel, changes: np.ndarray, kept_free: np.ndarray) -> m.ServiceModel:
    """The model with other capacity (`capacity.changes`), and with so many servers more that planned care leaves free:
    int32[pool].
    """
    return model._replace(change_ms=changes[:, 0], change_pool=changes[:, 1].astype(np.int32),
                          change_capacity=changes[:, 2].astype(np.int32), pool_reserve=model.pool_reserve + kept_free)


def luck(catalogue: Catalogue, layout: Layout, seed: int) -> dict[str, Any]:
    """The addresses of all decisions for one seed: all of the model that depends on it."""
    return {
        "duration_stream": _streams(layout, seed, "duration"),
        "patience_stream": _streams(layout, seed, "patience"),
        "branch_stream": _branch_streams(layout, seed),
        "divert_stream": congestion.streams(catalogue, layout, seed),
        "provider_stream": rng.stream(seed, "provider"),
    }


def _first_step(layout: Layout, pathway: str) -> int:
    return next(n for n, row in enumerate(layout.steps) if row.pathway == pathway)


def _refusal(step: Step) -> int:
    words = step.refuse.split("|")
    return m.REFUSE_CLOSED * ("closed" in words) + m.REFUSE_FULL * ("full" in words)


def _otherwise(layout: Layout, step: Step) -> int:
    """A step; −1: the case ends; −2 − outcome."""
    if not step.otherwise:
        return -1
    to = layout.goes_to(step.pathway, step.otherwise)
    return to if to >= 0 else to - 1


def _limit(service) -> int:
    return m.UNLIMITED if service.queue_limit is None else service.queue_limit


def _setting(layout: Layout, sets: str) -> tuple[int, int]:
    """Attribute and level that an outcome sets; −1: none."""
    name, _, level = (part.strip() for part in sets.partition("="))
    if not name:
        return -1, -1
    return layout.attributes.index(name), layout.levels[name].index(level)


def _streams(layout: Layout, seed: int, what: str) -> np.ndarray:
    return np.array([rng.stream(seed, f"{what}.{s.pathway}.{s.step}") for s in layout.steps], np.uint64)


def _branch_streams(layout: Layout, seed: int) -> np.ndarray:
    """As above; a step may share the luck of another."""
    return np.array([rng.stream(seed, f"branch.{s.pathway}.{s.luck or s.step}") for s in layout.steps], np.uint64)


# Durations, patience, priorities ----------------------------------------------------------------------------------


def _quantities(catalogue: Catalogue, layout: Layout, classes, most: int) -> tuple[m.Quantity, m.Quantity, np.ndarray]:
    shape = len(layout.steps), most
    duration = m.Quantity(np.zeros(shape, np.int8), np.zeros((*shape, 4)))
    patience = m.Quantity(np.full(shape, m.NONE, np.int8), np.zeros((*shape, 4)))
    priority = np.zeros(shape, np.int8)
    rows: dict[tuple[str, str, str], list[Quantity]] = {}
    for quantity in catalogue.quantities:
        rows.setdefault((quantity.pathway, quantity.step, quantity.quantity), []).append(quantity)
    for s, step in enumerate(layout.steps):
        own = {what: rows.get((step.pathway, step.step, what), []) for what in ("duration", "patience", "priority")}
        for cls in classes.get(step.pathway, ()):
            for what, table in (("duration", duration), ("patience", patience)):
                row = when.row_for_class(own[what], cls)
                if row is not None:
                    table.kind[s, cls.index] = m.DISTRIBUTIONS.index(row.distribution)
                    table.parameters[s, cls.index] = parameters(row)
            rank = when.row_for_class(own["priority"], cls)
            priority[s, cls.index] = 0 if rank is None else int(rank.a)
    return duration, patience, priority


def parameters(row) -> tuple[float, float, float, float]:
    """Parameters of a distribution in milliseconds; a lognormal's log-scale mu and sigma come third and fourth.

    A lognormal with mean a and standard deviation b has sigma² = ln(1 + (b/a)²) and mu = ln a − sigma²/2.
    """
    a, b, c = (value * FACTORS[row.unit] for value in (row.a, row.b, row.c))
    if row.distribution != "lognormal":
        return a, b, c, 0.0
    variance = np.log1p((b / a) ** 2)
    return a, b, float(np.log(a) - variance / 2), float(np.sqrt(variance))


# Branches ---------------------------------------------------------------------------------------------------------


def _branches(catalogue: Catalogue, layout: Layout, classes, most: int) -> dict[str, Any]:
    """Branches of each step in file order, with cumulative shares by class."""
    start, to, cumulative = [0], [], []
    for step in layout.steps:
        rows = [row for row in catalogue.branches if (row.pathway, row.step) == (step.pathway, step.step)]
        by_class = [when.branch_shares(rows, cls, FACTORS) for cls in classes.get(step.pathway, ())]
        names = list(by_class[0]) if by_class else list(dict.fromkeys(row.to for row in rows))
        to += [layout.goes_to(step.pathway, name) for name in names]
        shares = np.ones((len(names), most))
        for cls, found in enumerate(by_class):
            shares[:, cls] = np.cumsum([found[name] for name in names])
        shares[-1] = 1.0
        cumulative.append(shares)
        start.append(start[-1] + len(names))
    return {
        "branch_from": np.array(start, np.int32),
        "branch_to": np.array(to, np.int32),
        "branch_cumulative": np.concatenate(cumulative),
    }
