"""Testshire, lived through: one run with all that its residents and their contacts leave, comparable person by person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np

from icsim import areas, catalogue
from icsim import simulation as simulations
from icsim._compile import kernel
from icsim.areas.load import Area
from icsim.calendar import MS_PER_DAY
from icsim.catalogue.load import Catalogue
from icsim.order import in_order, joined
from icsim.residents.door import find_next, set_level
from icsim.residents.population import Start, restarted
from icsim.residents.residents import Residents
from icsim.services.background import Background
from icsim.simulation import World
from icsim.state import LIVING, People, allocate
from icsim.tables import CONTACT

START = date(2025, 4, 1)
FIELDS = ("person", "next", "level", "clock", "fired", "weight")
Changed = Callable[[Residents], None]


class Watched(Residents):
    """Residents of whom it is known when each came in: `entered`, float32[row], 0 for those of the start."""

    def __init__(self, *given: Any):
        super().__init__(*given)
        self.entered = np.zeros(len(self.people.next) * 2, np.float32)

    def _admit(self, newcomers: np.ndarray, hint: int) -> None:
        self.entered[self.rows : self.rows + len(newcomers)] = newcomers["day"]
        super()._admit(newcomers, hint)


@cache
def tables() -> Catalogue:
    """The shipped catalogue."""
    return catalogue.load()


@cache
def shire(times: int = 1) -> Area:
    """Testshire with every resident, arrival and leaver `times` over, each a person of their own."""
    area = areas.load("testshire")
    flows = tuple(replace(row, value=row.value * times) for row in area.flows)
    return replace(area, population=area.population * times, flows=flows)


@cache
def uncapped(times: int = 1) -> Area:
    """The same with no limit to any service: nobody waits for anybody."""
    area = shire(times)
    return replace(area, pools=tuple(replace(pool, value=None, open="always") for pool in area.pools))


def world(years: int = 1, area: Area | None = None, rows: Catalogue | None = None, **options: Any) -> World:
    """Testshire from April 2025; options are those of `simulation.world`."""
    return simulations.world(rows or tables(), area or shire(), START, years, **options)


@dataclass
class Lived:
    """The end of a run: residents, and the contacts of the whole run in the order in which they ended."""

    residents: Watched
    contacts: np.ndarray
    demands: np.ndarray
    moves: np.ndarray

    def people(self) -> dict[str, np.ndarray]:
        """Everything remembered of each resident, in order of key."""
        people, rows = self.residents.people, self.residents.rows
        order = np.argsort(people.person["key"][:rows])
        found = {name: getattr(people, name)[:rows][order] for name in FIELDS}
        return {**found, "entered": self.residents.entered[:rows][order]}

    def owned(self) -> np.ndarray:
        """Residents' contacts, with their key in place of the row, which has no meaning."""
        found = np.zeros(len(self.contacts), [("owner", "u8"), *[(n, CONTACT[n]) for n in CONTACT.names if n != "resident"]])
        for name in found.dtype.names[1:]:
            found[name] = self.contacts[name]
        found["owner"] = self.residents.people.person["key"][self.contacts["resident"]]
        return found[self.contacts["resident"] >= 0]

    def tallied(self, column: str) -> np.ndarray:
        """int64[period, cell] of one tally column."""
        return self.residents.tally[..., self.residents.columns.index(column)]


@kernel
def set_everybody(model, streams, people, rows, a, level, t):
    """Set attribute a of everybody at day t: to `level`, or, if that is negative, to the level they have."""
    for i in range(rows):
        set_level(model, streams, people, i, a, people.level[i, a] if level < 0 else level, t)
        if people.person[i].status == LIVING:
            find_next(people, i)


def residents_of(shared: World, seed: int, kind: type[Watched] = Watched) -> Watched:
    """The residents of one replication at the start."""
    built = shared.before.built
    people = restarted(shared.start, built, seed, shared.rows)
    return kind(built, shared.area, seed, people, shared.start.rows, shared.days, shared.calendar.edges)


def live(shared: World, seed: int = 1, change: Changed | None = None, kind: type[Watched] = Watched,
         after_each: Callable[[Residents, Any], None] | None = None) -> Lived:
    """One replication, beat by beat as in `simulation.replicate`; `change` is done to the residents at the start, and
    `after_each` is called with residents and engine after each beat.
    """
    calendar = shared.calendar
    residents = residents_of(shared, seed, kind)
    engine = simulations._engine(shared, seed, residents)
    background = Background(shared.catalogue, shared.layout, calendar.origin, calendar.days, seed)
    if change:
        change(residents)
    contacts, demands, moves = [], [], []
    for beat in calendar.beats:
        if beat.start_day == calendar.start_day:
            residents.open_books(beat.start_day)
            if shared.now is not shared.before:
                residents.adopt(shared.now.built, beat.start_day)
                engine.adopt(shared.now.reseeded(shared.catalogue, shared.layout, seed), beat.start_day * MS_PER_DAY)
        handed = residents.advance(beat, shared.served)
        asked = joined([handed.demands, background.within(beat)]) if shared.served else handed.demands
        served = engine.serve(in_order(asked, "ms", "key"), handed.departures, beat.end_ms)
        residents.apply(served.moves)
        if after_each:
            after_each(residents, engine)
        contacts.append(served.contacts.copy())
        demands.append(handed.demands)
        moves.append(served.moves)
    contacts.append(engine.finish(shared.calendar.beats[-1].end_ms).contacts)
    residents.close(shared.calendar.beats[-1])
    return Lived(residents, *map(np.concatenate, (contacts, demands, moves)))


def rearranged(start: Start, rows: np.ndarray) -> Start:
    """A starting population made of these rows of another: in other order, some of them twice."""
    old = start.people
    new: People = allocate(len(rows), old.level.shape[1], old.clock.shape[1], old.fired.shape[1], old.weight.shape[1])
    for name in FIELDS:
        getattr(new, name)[:] = getattr(old, name)[rows]
    return Start(new, len(rows), start.layout)


def same_people(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> list[str]:
    """Names of the arrays that differ in any bit; [] if none does."""
    names = [f"{field}.{n}" for field in FIELDS for n in (one[field].dtype.names or [""])]
    return [name for name in names if _part(one, name).tobytes() != _part(other, name).tobytes()]


def _part(people: dict[str, np.ndarray], name: str) -> np.ndarray:
    field, _, column = name.partition(".")
    return np.ascontiguousarray(people[field][column] if column else people[field])


def chosen(people: dict[str, np.ndarray], which: np.ndarray) -> dict[str, np.ndarray]:
    """The people for whom `which` holds."""
    return {name: array[which] for name, array in people.items()}
