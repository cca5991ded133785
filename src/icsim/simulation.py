"""One replication: the heartbeat. Residents live a month, services answer what they ask, outcomes come back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Protocol

import numpy as np

from icsim import calendar as calendars
from icsim.areas import budget
from icsim.areas.fit import fit_problems
from icsim.areas.load import Area
from icsim.calendar import Beat, Calendar
from icsim.catalogue.load import Catalogue
from icsim.catalogue.programmes import COUNTED, counted, with_programmes
from icsim.catalogue.taking_part_rules import together_problems
from icsim.errors import CatalogueError, Problem
from icsim.funding import Funding
from icsim.ledger import ENTRY
from icsim.memory import keep_freed
from icsim.order import in_order, joined
from icsim.programmes.build import build as programmes_build
from icsim.programmes.model import ProgrammeModel
from icsim.programmes.running import Places, Programmes
from icsim.residents import build as residents_build
from icsim.residents import layout as residents_layout
from icsim.residents.build import Built
from icsim.residents.expectancy import ONE_STATE, States, census, lasting
from icsim.residents.population import Start, restarted, starting_population
from icsim.residents.residents import Residents
from icsim.scenario.offered import in_force, paid_by
from icsim.scenario.shifts import Shift
from icsim.services import build as services_build
from icsim.services.activity import Activity, columns_of
from icsim.services.background import Background
from icsim.services.compiled import CompiledEngine
from icsim.services.model import ServiceModel
from icsim.services.names import Layout, layout_of
from icsim.services.places import pools_of
from icsim.services.served import Served
from icsim.tables import CONTACT

Progress = Callable[[int, int], None]
"""Called with beats done and beats in all."""


class Engine(Protocol):
    """What an engine of the services offers; `ReferenceEngine` says what each does."""

    def settle(self, residents: np.ndarray, pools: np.ndarray) -> None:
        """Residents who keep a server for long at the origin."""

    def adopt(self, model: ServiceModel, now_ms: int) -> None:
        """Another model of the same steps holds from now on."""

    def serve(self, demands: np.ndarray, departures: np.ndarray, until_ms: int) -> Served:
        """Everything up to `until_ms`."""
        ...

    def finish(self, until_ms: int) -> Served:
        """Records of the cases that are still open."""
        ...


EngineMaker = Callable[[ServiceModel], Engine]


class Watch(Protocol):
    """Somebody who looks on while a replication runs, and changes nothing of it."""

    def residents(self, *given: Any) -> Residents:
        """The residents, made of what `Residents` is made of."""
        ...

    def served(self, contacts: np.ndarray) -> None:
        """CONTACT of each beat once its outcomes have come back; the table is used again, so copy what is kept."""


@dataclass(frozen=True)
class Tables:
    """The residents' and the services' model by one set of tables; services with the luck of seed 0."""

    catalogue: Catalogue
    area: Area
    built: Built
    services: ServiceModel

    def reseeded(self, catalogue: Catalogue, layout: Layout, seed: int) -> ServiceModel:
        """The services with the luck of `seed`."""
        return self.services._replace(**services_build.luck(catalogue, layout, seed))

    def programmes(self, names: tuple[str, ...], seed: int) -> tuple[ProgrammeModel, tuple[Places, ...]]:
        """The programmes with the luck of `seed`, and what is offered of each."""
        layout, offers = self.built.layout, {row.programme: row for row in self.area.programmes}
        where = {name: tuple(filter(None, offers[name].where.split("|"))) for name in names if name in offers}
        covers = {row.programme: offers[row.programme].value if row.programme in offers else 0.0
                  for row in self.catalogue.programmes if row.kind == "measure"}
        model = programmes_build(self.catalogue, names, layout.attributes, layout.levels, seed, where, covers)
        return model, tuple(places_of(self.area, name) for name in names)


@dataclass(frozen=True)
class World:
    """All that the replications of one scenario share; none of them changes it."""

    catalogue: Catalogue
    area: Area
    calendar: Calendar
    layout: Layout
    now: Tables
    """by the scenario's tables, in force from the start"""
    before: Tables
    """by the tables without the scenario's changes, in force up to the start; the same as `now` where nothing changes"""
    start: Start
    served: bool = True
    """whether anybody answers demands"""
    programmes: tuple[str, ...] = ()
    """those of which anybody offers places"""
    engine: str | EngineMaker = "compiled"
    """compiled · reference, or a function (a class) that makes an engine from a ServiceModel"""
    lines: dict[str, budget.Line] = field(default_factory=dict)
    """budget lines by name"""
    shifts: tuple[Shift, ...] = ()
    """money that moves between them"""
    growth: bool = True
    """whether capacity follows its declared path"""
    staffed: bool = True
    """whether servers and places need staff who can be found"""
    staff_first: tuple[str, ...] = ()
    """lines that are staffed before all others"""
    lasting: States = ONE_STATE
    """by which residents alive at the end are told apart, beside place, sex, quintile and age"""

    @property
    def built(self) -> Built:
        """The residents' model from the start on."""
        return self.now.built

    @property
    def services(self) -> Layout:
        """Names of the axes of the services."""
        return self.layout

    @property
    def days(self) -> int:
        """Length of the run, warm-up included."""
        return self.calendar.days

    @property
    def rows(self) -> int:
        """Rows to allocate in each replication."""
        return rows_for(self.area, self.start.rows, self.days)


def rows_for(area: Area, residents: int, days: int) -> int:
    """Rows to allocate: everybody at the start, and the births and arrivals expected, plus six standard deviations."""
    arrivals = sum(row.value for row in area.flows if row.flow == "arrive")
    births = 0.02 * residents
    expected = (arrivals + births) * days / calendars.DAYS_PER_YEAR
    return int(residents + expected + 6 * expected**0.5) + 100


def world(catalogue: Catalogue, area: Area, start: date, years: int, *, heartbeat: str = "month",
          report_by: str = "financial year", served: bool = True, engine: str | EngineMaker = "compiled",
          warm_up_months: int = 0, growth: bool = True, shipped: tuple[Catalogue, Area] | None = None,
          shifts: tuple[Shift, ...] = (), staffed: bool = True, staff_first: tuple[str, ...] = (),
          workers: int = 1) -> World:
    """Build what replications share.

    `shifts`: money that moves between budget lines; servers and places follow it. `staffed`: whether they need staff who can
    be found; `staff_first`: lines that are staffed before all others. `workers`: threads that share the work; their number
    changes nothing. `shipped`: the tables without the scenario's changes. By them rates are anchored, residents live up to
    the origin and services fill up before the start, so that scenarios share one start and differ from there on; only
    changed prevalences apply before.
    """
    first_catalogue, first_area = shipped or (catalogue, area)
    _refuse(area, fit_problems(catalogue, area))
    lines = budget.lines(catalogue, area, growth, first_area)
    programmes = in_force(first_area, area, paid=paid_by(shifts, lines))
    _refuse(area, together_problems(catalogue, programmes))
    plain = replace(first_catalogue, prevalence=catalogue.prevalence)
    before = with_programmes(plain, programmes)
    catalogue = with_programmes(catalogue, programmes)
    when = calendars.calendar(start, years, heartbeat, report_by, warm_up_months if served else 0)
    changed = (catalogue, area) != (before, first_area)

    def tables(rows: Catalogue, there: Area, grows: bool) -> Tables:
        built = residents_build.build(rows, there, when.origin, when.days, (first_catalogue, first_area))
        model = services_build.build(rows, there, layout, when.origin, when.days, 0, growth=grows, again=when.start_day)
        return Tables(rows, there, built, model)

    names = residents_layout.layout_of(catalogue, area)
    layout = layout_of(catalogue, area, names.attributes, names.demands)
    now = tables(catalogue, area, growth)
    earlier = tables(before, first_area, True) if changed or not growth else now
    people = starting_population(before, first_area, when.origin, plain, workers)
    states = lasting(first_catalogue, residents_layout.layout_of(first_catalogue, area))
    return World(catalogue, area, when, layout, now, earlier, people, served, programmes, engine, lines, shifts, growth,
                 staffed, staff_first, states)


def _refuse(area: Area, problems: list[Problem]) -> None:
    if problems:
        raise CatalogueError(area.name, problems)


def places_of(area: Area, programme: str) -> Places:
    """What the area offers of a programme."""
    row = next((row for row in area.programmes if row.programme == programme), None)
    if row is None:
        return Places(0.0, programme=programme)
    first, last = date.fromisoformat(row.first or "0001-01-01"), date.fromisoformat(row.last or "9999-12-31")
    return Places(row.value, row.waiting_list, first, last, programme)


@dataclass
class Replication:
    """What one replication leaves: whole numbers by period and cell."""

    residents: np.ndarray  # int64[period, cell, column]; columns in `resident_columns`
    resident_columns: tuple[str, ...]
    activity: Activity
    population: np.ndarray  # int64[period + 1, cell]: residents at the start and at the end of each period
    seconds: dict[str, float] = field(default_factory=dict)
    demands: int = 0
    contacts: np.ndarray | None = None  # CONTACT, if asked for; those that ended before the start included
    keys: np.ndarray | None = None  # uint64[resident], whose contacts they are, if asked for
    ledger: np.ndarray = field(default_factory=lambda: np.zeros(0, ENTRY))  # ENTRY[…], the budget lines month by month
    ends: np.ndarray | None = None  # int64[place, sex, quintile, age, state]: residents alive at the end


def replicate(world: World, seed: int, progress: Progress | None = None, log: bool = False, workers: int = 1,
              watch: Watch | None = None) -> Replication:
    """Run one replication. `seed` (any non-negative integer) is all that distinguishes it from another.

    `workers`: threads that share the work where it can be shared; neither they nor `watch` change any result.
    """
    clock, beats = _Clock(), world.calendar.beats
    keep_freed()
    with clock("start"):
        run = _Running(world, seed, workers, log, watch)
        run.settle()
        run.enrol(beats[0])
    for n, beat in enumerate(beats):
        if beat.start_day == world.calendar.start_day:
            run.begin()
        with clock("residents"):
            demands, departures = run.residents.advance(beat, world.served)
        answer = run.serving(demands, departures, beat, clock)
        with clock("programmes"):
            run.enrol(*beats[n + 1 : n + 2])
        with clock("residents"):
            run.run_ahead(*beats[n + 1 : n + 2])()
        served = answer()
        with clock("outcomes"):
            run.funding.observe(served.sums)
            run.residents.apply(served.moves)
            run.count(served, beat)
        if progress:
            progress(n + 1, len(beats))
    with clock("close"):
        return run.close(clock.seconds)


class _Running:
    """What one replication changes as it runs."""

    def __init__(self, world: World, seed: int, workers: int, log: bool, watch: Watch | None = None):
        self.world, self.seed, self.log, self.watch = world, seed, log, watch
        calendar = world.calendar
        self.residents = _residents(world, seed, workers, watch.residents if watch else Residents)
        self.engine = _engine(world, seed, self.residents)
        self.background = Background(world.catalogue, world.layout, calendar.origin, calendar.days, seed)
        names, columns = columns_of(world.catalogue, world.layout)
        self.activity = Activity(names, columns, world.layout, len(world.area.places), calendar.edges)
        self.programmes = Programmes(*world.before.programmes(world.programmes, seed), calendar.edges, self.residents.cells)
        self.funding = Funding(world, seed)
        self.population: list[np.ndarray] = []
        self.demands = 0
        self.contacts: list[np.ndarray] = []

    def settle(self) -> None:
        """Programmes that run already have people in them."""
        if self.world.programmes:
            residents = self.residents
            residents.apply(self.programmes.settle(residents.people, residents.rows, self.world.calendar.origin, 0))

    def begin(self) -> None:
        """The start after the warm-up: the books are opened, and the scenario's tables come into force."""
        world, day = self.world, self.world.calendar.start_day
        self.residents.open_books(day)
        self.population.append(self.residents.census())
        if world.now is not world.before:
            self.residents.adopt(world.now.built, day)
            self.engine.adopt(world.now.reseeded(world.catalogue, world.layout, self.seed), day * calendars.MS_PER_DAY)

    def enrol(self, following: Beat | None = None) -> None:
        """Programmes say who begins, goes on or is through on the first day of the beat that follows, by what is known of
        everybody when they have lived up to it.
        """
        world, residents = self.world, self.residents
        if following is None:
            return
        if following.start_day == world.calendar.start_day:
            self.programmes.adopt(*world.now.programmes(world.programmes, self.seed))
        self.funding.begin(following, self.programmes)
        residents.apply(self.programmes.enrol(residents.people, residents.rows, following.first, following.start_day))

    def run_ahead(self, following: Beat | None = None) -> Callable[[], None]:
        """Services need one core. Meanwhile residents who wait for no answer live through the following beat, unless
        everybody is counted first, or somebody looks on, who sees residents beat by beat. Returns what waits for them.
        """
        if following is None or self.watch or following.start_day in self.world.calendar.edges:
            return lambda: None
        return self.residents.run_ahead(following, self.world.served)

    def serving(self, demands: np.ndarray, departures: np.ndarray, beat: Beat, clock: _Clock) -> Callable[[], Served]:
        """Services begin with their answers to the residents' demands, and to cases that belong to no resident, and enter
        them in the books; on another core, if there is one. Returns what waits for them.
        """
        model = self.funding.services(beat)
        if model is not None:
            self.engine.adopt(model, beat.start_day * calendars.MS_PER_DAY)
        self.demands += len(demands)

        def serve() -> Served:
            with clock("services"):
                asked = demands
                if self.world.served:
                    asked = in_order(joined([demands, self.background.within(beat)]), "ms", "key")
                served = self.engine.serve(asked, departures, beat.end_ms)
            with clock("books"):
                self.post(served, beat)
            return served

        return self.residents.meanwhile(serve)

    def post(self, served: Served, beat: Beat) -> None:
        """Enter what was served in the books."""
        self.activity.post(served, beat.start_day)
        if self.log:
            self.contacts.append(np.array(served.contacts, CONTACT))

    def count(self, served: Served, beat: Beat) -> None:
        """Where a period ends the residents are counted, once somebody who looks on has seen the contacts."""
        if self.watch:
            self.watch.served(served.contacts)
        if beat.end_day in self.world.calendar.edges[1:]:
            self.population.append(self.residents.census())

    def close(self, seconds: dict[str, float]) -> Replication:
        """What is still open is recorded, and the books are closed."""
        last = self.world.calendar.beats[-1]
        served = self.engine.finish(last.end_ms)
        self.post(served, last)
        if self.watch:
            self.watch.served(served.contacts)
        self.residents.close(last)
        self.population[-1] = self.residents.census()
        columns = tuple(counted(name, what) for name in self.world.programmes for what in COUNTED)
        tally = np.concatenate([self.residents.tally, self.programmes.tally], axis=2) if columns else self.residents.tally
        return Replication(tally, (*self.residents.columns, *columns), self.activity, np.array(self.population), seconds,
                           self.demands, np.concatenate(self.contacts) if self.log else None,
                           np.array(self.residents.people.person["key"]) if self.log else None,
                           self.funding.ledger.book.entries(), self._ends())

    def _ends(self) -> np.ndarray:
        residents, world = self.residents, self.world
        return census(residents.people, residents.rows, residents.built.layout, world.lasting, len(world.area.places))


def _residents(world: World, seed: int, workers: int, kind: Callable[..., Residents]) -> Residents:
    built = world.before.built
    people = restarted(world.start, built, seed, world.rows, workers)
    return kind(built, world.area, seed, people, world.start.rows, world.days, world.calendar.edges, workers)


def _engine(world: World, seed: int, residents: Residents) -> Engine:
    """The engine that the scenario asks for; both take the same rows and give the same trace."""
    model = world.before.reseeded(world.catalogue, world.layout, seed)
    engine = _made(world.engine, model, len(residents.people.next))
    if world.served:
        engine.settle(*_tenants(world, model, residents))
    return engine


def _made(engine: str | EngineMaker, model: ServiceModel, rows: int) -> Engine:
    if not isinstance(engine, str):
        return engine(model)
    if engine == "compiled":
        return CompiledEngine(model, rows, reuse=True)
    from icsim.services.reference import ReferenceEngine

    return ReferenceEngine(model)


def _tenants(world: World, model: ServiceModel, residents: Residents) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the residents who keep a server for long at the origin, and the pool of each."""
    rows, pools = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)]
    for service in (row for row in world.catalogue.services if row.held_by):
        attribute, level = (part.strip() for part in service.held_by.split("="))
        found, places, keys = residents.at_level(attribute, level)
        rows.append(found)
        pools.append(pools_of(model, world.layout.services.index(service.service), places, keys))
    return np.concatenate(rows), np.concatenate(pools)


class _Clock:
    """Seconds spent in each step of the heartbeat."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, step: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[step] = self.seconds.get(step, 0.0) + time.perf_counter() - began
