"""The falls pathway for services' benchmarks: demands, and the numbers that peers need.

It is the pathway of the first version, kept in `falls_pathway/` so that the hand-written peers, and figures from one year
to the next, stay comparable; the engine that serves it is the one of today.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

from icsim import areas
from icsim.areas.load import Area
from icsim.areas.rows import Catchment, Pool
from icsim.calendar import MS_PER_DAY, MS_PER_HOUR
from icsim.catalogue import rows, when
from icsim.catalogue.csvtable import read_table
from icsim.catalogue.load import Catalogue
from icsim.services import build as services_build
from icsim.services.model import ServiceModel
from icsim.services.names import Layout, layout_of
from icsim.tables import DEMAND

TABLES = Path(__file__).parent / "falls_pathway"
ROWS = {"attributes": rows.Level, "events": rows.Event, "severities": rows.Severity, "services": rows.Service,
        "steps": rows.Step, "outcomes": rows.Outcome, "branches": rows.Branch, "quantities": rows.Quantity}

AREA, START = "hertfordshire-west-essex", date(2025, 4, 1)
STEPS = ("fall", "call_999", "falls_vehicle", "falls_vehicle_on_scene", "ambulance", "ambulance_on_scene", "to_hospital",
         "own_way", "at_home", "emergency_department", "hospital_bed")
BRANCHES = {
    "fall": ("call_999", "own_way", "managed_without_999"),
    "call_999": ("advised_by_phone", "falls_vehicle", "ambulance"),
    "falls_vehicle_on_scene": ("to_hospital", "at_home", "referred_on", "left_at_home"),
    "ambulance_on_scene": ("to_hospital", "at_home", "referred_on", "left_at_home"),
    "emergency_department": ("hospital_bed", "home_from_ae"),
    "hospital_bed": ("care_home", "home_from_hospital"),
}
"""What the hand-written peers are written for; a catalogue that says otherwise is refused."""
SHARES = {"none": 0.5, "minor": 0.27, "moderate": 0.13, "fracture": 0.07, "hip_fracture": 0.03}
IN_CARE_HOME, OVER_65 = 0.08, 0.75
FALLS_A_YEAR = 90_000


class Numbers(NamedTuple):
    """What the peers read: plain arrays, times in milliseconds. S steps in the order of STEPS, C classes."""

    duration: np.ndarray  # float64[S, C, 4], as in icsim.services.model.Quantity
    patience: np.ndarray  # float64[S, C], mean
    patience_fixed: np.ndarray  # bool[S, C], exactly the mean instead of exponential
    priority: np.ndarray  # int64[S, C]
    share: np.ndarray  # float64[S, C, 4], cumulative shares of BRANCHES
    outcome: np.ndarray  # int64[S, 4], outcome that a branch leads to; −1: a step
    left_unseen: int
    home_from_ae: int
    capacity: np.ndarray  # int64[P] while open
    department: np.ndarray  # int64[place, 4], pool of the A&E department; its beds are the pool after it
    catchment: np.ndarray  # float64[place, 4], cumulative
    opens_ms: int  # falls vehicles, of each day
    closes_ms: int


class Work(NamedTuple):
    """One run of the pathway."""

    model: ServiceModel
    numbers: Numbers
    demands: np.ndarray
    days: int


def work(years: float, seed: int = 1) -> Work:
    """Demands over `years` years with the model that serves them."""
    days = int(365 * years)
    tables, area = _tables()
    attributes = ("sex", "quintile", "place", *(a for a in tables.levels if a not in ("sex", "quintile")))
    layout = layout_of(tables, area, attributes, ("fall",))
    model = services_build.build(tables, area, layout, START, days, seed)
    classes = list(when.classes_of(tables, layout.demands[0]))
    return Work(model, _numbers(model, layout), _demands(classes, len(area.places), days, seed), days)


def _tables() -> tuple[Catalogue, Area]:
    """The pathway's own catalogue, and the shipped area with its pools."""
    tables = Catalogue(**{name: tuple(read_table(TABLES / f"{name}.csv", row).rows) for name, row in ROWS.items()})
    pools, catchments = (tuple(read_table(TABLES / f"{name}.csv", row).rows)
                         for name, row in (("pools", Pool), ("catchments", Catchment)))
    return tables, replace(areas.load(AREA), pools=pools, catchments=catchments, capacity=(), streams=())


def _demands(classes, places: int, days: int, seed: int) -> np.ndarray:
    """Falls at even times; each by somebody else."""
    luck = np.random.default_rng(seed)
    table = np.zeros(int(FALLS_A_YEAR * days / 365), DEMAND)
    table["ms"] = np.sort(luck.integers(0, days * MS_PER_DAY, len(table)))
    table["key"] = luck.integers(0, 2**64, len(table), np.uint64)
    table["resident"] = np.arange(len(table))
    table["place"] = luck.integers(0, places, len(table))
    share = np.array([_share(str(each)) for each in classes])
    table["cls"] = luck.choice(len(share), len(table), p=share / share.sum())
    return table[np.lexsort((table["key"], table["ms"]))]


def _share(cls: str) -> float:
    severity = SHARES[cls.split("severity=")[1].split(";")[0]]
    return severity * (IN_CARE_HOME if "care=care_home" in cls else 1 - IN_CARE_HOME) * (
        OVER_65 if "age=65+" in cls else 1 - OVER_65)


def _numbers(model: ServiceModel, layout: Layout) -> Numbers:
    if tuple(step.step for step in layout.steps) != STEPS:
        raise ValueError("the falls pathway has other steps than the hand-written peers")
    names = [outcome for _, outcome in layout.outcomes]
    share, outcome = np.ones((len(STEPS), model.branch_cumulative.shape[1], 4)), np.full((len(STEPS), 4), -1)
    for step, branches in BRANCHES.items():
        s = STEPS.index(step)
        first, end = model.branch_from[s : s + 2]
        found = tuple(STEPS[to] if to >= 0 else names[-1 - to] for to in model.branch_to[first:end])
        if found != branches:
            raise ValueError(f"{step} leads to {found}, the hand-written peers to {branches}")
        share[s, :, : end - first] = model.branch_cumulative[first:end].T
        outcome[s, : end - first] = [-1 - to if to < 0 else -1 for to in model.branch_to[first:end]]
    at_start = np.zeros(len(layout.pools), np.int64)
    np.maximum.at(at_start, model.change_pool, model.change_capacity)
    shift = np.unique(model.change_ms[model.change_pool == 0] % MS_PER_DAY)[1:]
    department, catchment = _departments(model, layout)
    return Numbers(
        model.duration.parameters, model.patience.parameters[..., 0], model.patience.kind == 0,
        model.step_priority.astype(np.int64), share, outcome, names.index("left_unseen"), names.index("home_from_ae"),
        at_start, department, catchment, int(shift[0]), int(shift[1]))


def _departments(model: ServiceModel, layout: Layout) -> tuple[np.ndarray, np.ndarray]:
    service, places = layout.services.index("emergency_departments"), len(layout.places)
    department, catchment = np.zeros((places, 4), np.int64), np.ones((places, 4))
    for place in range(places):
        first, end = model.provider_from[service, place : place + 2]
        department[place, : end - first] = model.provider_pool[first:end]
        catchment[place, : end - first] = model.provider_cumulative[first:end]
    return department, catchment


HOUR = MS_PER_HOUR
