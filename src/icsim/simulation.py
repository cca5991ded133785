"""One replication: the heartbeat. Residents live a month, services answer what they ask, outcomes come back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from icsim import calendar as calendars
from icsim.areas.load import Area
from icsim.calendar import Calendar
from icsim.catalogue.load import Catalogue
from icsim.residents import build as residents_build
from icsim.residents.build import Built
from icsim.residents.population import Start, restarted, starting_population
from icsim.residents.residents import Residents
from icsim.services import build as services_build
from icsim.services.activity import Activity, columns_of
from icsim.services.compiled import CompiledEngine
from icsim.services.served import Served
from icsim.tables import CONTACT

Progress = Callable[[int, int], None]
"""Called with beats done and beats in all."""


@dataclass(frozen=True)
class World:
    """All that the replications of one scenario share; none of them changes it."""

    catalogue: Catalogue
    area: Area
    calendar: Calendar
    built: Built
    services: services_build.Layout
    start: Start
    served: bool = True
    """whether anybody answers demands"""
    engine: str = "compiled"

    @property
    def days(self) -> int:
        """Length of the run."""
        return calendars.days_between(self.calendar.start, self.calendar.end)

    @property
    def rows(self) -> int:
        """Rows to allocate: everybody at the start, and the births and arrivals expected, plus six standard deviations."""
        arrivals = sum(row.value for row in self.area.flows if row.flow == "arrive")
        births = 0.02 * self.start.rows
        expected = (arrivals + births) * self.days / calendars.DAYS_PER_YEAR
        return int(self.start.rows + expected + 6 * expected**0.5) + 100


def world(catalogue: Catalogue, area: Area, start: date, years: int, *, heartbeat: str = "month",
          report_by: str = "financial year", served: bool = True, engine: str = "compiled",
          shipped: tuple[Catalogue, Area] | None = None) -> World:
    """Build what replications share.

    `shipped`: the tables without the scenario's changes. By them rates are anchored and residents live up to the start,
    so that scenarios share one starting population and differ from the start on; only changed prevalences apply before.
    """
    first_catalogue, first_area = shipped or (catalogue, area)
    before = replace(first_catalogue, prevalence=catalogue.prevalence)
    when = calendars.calendar(start, years, heartbeat, report_by)
    days = calendars.days_between(when.start, when.end)
    built = residents_build.build(catalogue, area, start, days, first_catalogue)
    services = services_build.layout_of(catalogue, area, built.layout.attributes, built.layout.demands)
    return World(catalogue, area, when, built, services, starting_population(before, first_area, start), served,
                 engine)


@dataclass
class Replication:
    """What one replication leaves: whole numbers by period and cell."""

    residents: np.ndarray  # int64[period, cell, column]; columns in `resident_columns`
    resident_columns: tuple[str, ...]
    activity: Activity
    population: np.ndarray  # int64[period + 1, cell]: residents at the start and at the end of each period
    seconds: dict[str, float] = field(default_factory=dict)
    demands: int = 0
    contacts: np.ndarray | None = None  # CONTACT, if asked for


def replicate(world: World, seed: int, progress: Progress | None = None, log: bool = False) -> Replication:
    """Run one replication. `seed` (any non-negative integer) is all that distinguishes it from another."""
    clock = _Clock()
    calendar = world.calendar
    with clock("start"):
        residents = _residents(world, seed)
        engine = _engine(world, seed, len(residents.people.next))
        names, columns = columns_of(world.catalogue, world.services)
        activity = Activity(names, columns, len(world.area.places), len(world.services.pools), calendar.edges)
    population, demands = [residents.census()], 0
    log_parts: list[np.ndarray] = []

    for n, beat in enumerate(calendar.beats):
        with clock("residents"):
            handed = residents.advance(beat, world.served)
        with clock("services"):
            served = engine.serve(handed.demands, handed.departures, beat.end_ms)
        with clock("outcomes"):
            residents.apply(served.moves)
        with clock("books"):
            activity.post(served, beat.start_day)
            if beat.end_day in calendar.edges:
                population.append(residents.census())
        demands += len(handed.demands)
        _keep(log_parts, served, log)
        if progress:
            progress(n + 1, len(calendar.beats))

    with clock("close"):
        served = engine.finish(calendar.beats[-1].end_ms)
        activity.post(served, calendar.beats[-1].start_day)
        _keep(log_parts, served, log)
        residents.close(calendar.beats[-1])
        population[-1] = residents.census()
    return Replication(residents.tally, residents.columns, activity, np.array(population), clock.seconds, demands,
                       np.concatenate(log_parts) if log else None)


def _residents(world: World, seed: int) -> Residents:
    people = restarted(world.start, world.built, seed, world.rows)
    return Residents(world.built, world.area, seed, people, world.start.rows, world.days, world.calendar.edges)


def _engine(world: World, seed: int, rows: int):
    """The engine that the scenario asks for; both take the same rows and give the same trace."""
    model = services_build.build(world.catalogue, world.area, world.services, world.calendar.start, world.days, seed)
    if world.engine == "reference":
        from icsim.services.reference import ReferenceEngine

        return ReferenceEngine(model)
    return CompiledEngine(model, rows)


def _keep(parts: list[np.ndarray], served: Served, log: bool) -> None:
    if log:
        parts.append(np.array(served.contacts, CONTACT))


class _Clock:
    """Seconds spent in each step of the heartbeat."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - began
