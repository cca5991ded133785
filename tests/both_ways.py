"""Small cases that a program computes with compilation on or off; the test of `py_func` compares what it wrote.

`python both_ways.py FILE` writes every array to FILE (npz); with compilation off also the names of all functions of
the package that ran. It is a program of its own because Numba decides once in a process whether it compiles, and
because parts of kernels cannot be called from Python while it does.
"""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import numpy as np

from icsim import _compile

CALLS: dict[str, int] = {}
"""With compilation off: how often each function ran that is compiled otherwise, as "icsim.services.loop.serve"."""


def _counted(function: Callable) -> Callable:
    name = f"{function.__module__}.{function.__qualname__}"
    CALLS[name] = 0

    @functools.wraps(function)
    def counting(*given):
        CALLS[name] += 1
        return function(*given)

    return counting


if _compile.numba.config.DISABLE_JIT:  # before any other module of the package is imported
    _compile.kernel = _compile.equation = _compile.inlined = _counted

# ruff: noqa: E402
from pathways import HORIZON, model, random_demands, random_departures, random_pathways, random_tenants, takes_over

from icsim import areas, catalogue, simulation
from icsim.areas.load import Area
from icsim.areas.rows import Offer
from icsim.calendar import Beat, add_months
from icsim.catalogue.load import Catalogue
from icsim.catalogue.rows import Score
from icsim.residents import enter, population, reference
from icsim.residents.beat import scratch
from icsim.residents.build import Built, build
from icsim.residents.residents import Residents
from icsim.services.activity import Activity, columns_of
from icsim.services.compiled import CompiledEngine
from icsim.services.served import Served
from icsim.state import DEAD, WAITING, allocate
from icsim.tables import DEMAND, DEPARTURE, DIED, GAVE_UP, LEFT, MOVE, SERVED

Arrays = dict[str, np.ndarray]
FIRST = date(2025, 2, 1)
KEEP, DAYS = 20, 2000


def thinned(counts: np.ndarray, keep: int) -> np.ndarray:
    """Every `keep`-th of those counted, in order of the table."""
    total = np.cumsum(counts.ravel())
    return np.diff(total // keep, prepend=0).reshape(counts.shape)


@functools.cache
def tables() -> Catalogue:
    """The shipped catalogue."""
    return catalogue.load()


@functools.cache
def small_area(movers: bool = True) -> Area:
    """Testshire with a thousand residents, two months before the start of the run below."""
    area = areas.load("testshire")
    flows = tuple(replace(row, value=row.value / KEEP if movers else 0.0) for row in area.flows)
    return replace(area, population=thinned(area.population, KEEP), population_date=FIRST, flows=flows)


@functools.cache
def _closed() -> Built:
    """The model of a place where nobody moves in or out."""
    return build(tables(), small_area(movers=False), FIRST, DAYS)


def _people(residents: Residents) -> Arrays:
    people = residents.people._replace(person=np.array(residents.people.person))
    named = {name: array for name, array in people._asdict().items() if name != "person"}
    return {**named, **{f"person.{name}": people.person[name] for name in people.person.dtype.names},
            "tally": residents.tally}


def _served(served: Served) -> Arrays:
    return {f"{table}.{name}": array[name] for table, array in served._asdict().items() for name in array.dtype.names}


# Cases ----------------------------------------------------------------------------------------------------------------


def another_world() -> simulation.World:
    """A thousand residents for a year, with services that fill up for a month; then a scenario's other rates hold, and its
    programmes begin.
    """
    rates = tuple(replace(row, value=row.value * 1.5) if row.event == "fall" else row for row in tables().rates)
    names = "falls_exercise", "falls_clinic", "exercise_referral"
    offers = [Offer(programme=name, value=4, unit="people a month", waiting_list=3) for name in names]
    offers.append(Offer(programme="health_walks", value=0.5, unit="share", where=small_area().place_names[0]))
    area = functools.reduce(Area.with_programme, offers, small_area())
    rows = with_score_and_measure(replace(tables(), rates=rates))
    return simulation.world(rows, area, date(2025, 4, 1), 1, warm_up_months=1, shipped=(tables(), small_area()))


def with_score_and_measure(rows: Catalogue) -> Catalogue:
    """One programme finds people by a score, another goes by place, and one is a measure."""
    changed = {"falls_clinic": {"priority": "by score", "score": "age"}, "falls_exercise": {"priority": "by place"},
               "health_walks": {"kind": "measure"}}
    scores = (Score(score="age", what="auc", value=0.55), Score(score="age", what="points", value=1.0, when="age=75+"))
    return replace(rows, scores=scores, programmes=tuple(replace(row, **changed.get(row.programme, {}))
                                                         for row in rows.programmes))


def whole_model() -> Arrays:
    """Everything that a replication of `another_world` leaves."""
    kept: dict[str, Residents] = {}
    make = simulation._residents
    simulation._residents = lambda *given: kept.setdefault("residents", make(*given))
    found = simulation.replicate(another_world(), 1, log=True)
    sums = {**found.activity.books._asdict(), "pools": found.activity.pools}
    contacts = {f"contacts.{name}": found.contacts[name] for name in found.contacts.dtype.names}
    return {**_people(kept["residents"]), "population": found.population, "cells": found.residents, **contacts,
            **{f"activity.{name}": array for name, array in sums.items()}}


def random_services() -> Arrays:
    """The services alone, on random pathways with every feature; halfway another model takes over."""
    found: Arrays = {}
    for seed in range(12):
        pathways = random_pathways(seed, 3, 6)
        demands, departures = random_demands(seed, 60, pathways), random_departures(seed, 60, 0.3)
        engine, half = CompiledEngine(model(pathways)), HORIZON // 2
        engine.settle(*random_tenants(seed, 60, pathways, 0.1))
        parts = [engine.serve(demands[demands["ms"] < half], departures[departures["ms"] < half], half)]
        engine.adopt(model(takes_over(random_pathways(seed, 3, 6, variant=1), half)), half)
        parts.append(engine.serve(demands[demands["ms"] >= half], departures[departures["ms"] >= half], HORIZON))
        for n, served in enumerate((*parts, engine.finish(HORIZON))):
            found |= {f"{seed}.{n}.{name}": array for name, array in _served(served).items()}
    return found


def _alone(newcomers: int, age: int = 85, male: bool = False, rows: int = 16) -> Residents:
    """`newcomers` residents of one age; nobody moves in."""
    area, built = small_area(movers=False), _closed()
    layout = built.layout
    people = allocate(rows, len(layout.attributes), layout.columns, built.repeatable, len(layout.weights))
    residents = Residents(built, area, 3, people, 0, DAYS)
    table = population.people_of(area)
    table = table[(table["age"] == age) & (table["sex"] == male)][:newcomers]
    residents.populate(table)
    return residents


def nobody() -> Arrays:
    """No resident at all, and no resident alive."""
    found = {}
    for name, residents in (("empty", _alone(0)), ("dead", _alone(3))):
        residents.people.person["status"][:] = DEAD
        before = residents.people.clock.copy()
        handed = residents.advance(Beat(FIRST, 0, 28))
        residents.close(Beat(FIRST, 0, 28))
        found |= {f"{name}.demands": handed.demands["ms"], f"{name}.tally": residents.tally,
                  f"{name}.census": residents.census(), f"{name}.moved": residents.people.clock != before}
    return found


def one_resident() -> Arrays:
    """One resident for five years: months, changes of trend, birthdays, perhaps a death."""
    residents = _alone(1)
    for month in range(60):
        residents.advance(Beat(add_months(FIRST, month), 30 * month, 30 * month + 30), served=False)
    residents.close(Beat(add_months(FIRST, 59), 1770, 1800))
    return {**_people(residents), "census": residents.census()}


def parked() -> Arrays:
    """A man's birth clock rings: nothing is born, and it is counted."""
    residents = _alone(1, age=30, male=True)
    layout = residents.built.layout
    column = layout.column("birth")
    residents.people.clock[0, column] = residents.people.next[0] = 0.5
    residents.advance(Beat(FIRST, 0, 1))
    names = list(residents.columns)
    counted = {name: residents.tally[..., names.index(name)] for name in ("birth", "parked")}
    return {**counted, "again": residents.people.clock[0, column], "rows": np.array(residents.rows)}


def beat_of_no_length() -> Arrays:
    """Nothing happens in no time, to nobody's clock."""
    residents = _alone(8)
    residents.advance(Beat(FIRST, 0, 28), served=False)
    before = {name: array.copy() for name, array in _people(residents).items()}
    residents.advance(Beat(FIRST, 28, 28), served=False)
    return {f"{name}.changed": array != before[name] for name, array in _people(residents).items()}


def with_a_case_open() -> Arrays:
    """Residents who wait for an outcome: one dies, one falls again, one would leave."""
    residents = _alone(3)
    people, layout = residents.people, residents.built.layout
    people.person["status"][:3], people.person["open"][:3] = WAITING, 1
    columns = [layout.column(event) for event in ("death", "fall", "leave")]
    for row, column in enumerate(columns):
        people.clock[row, column] = people.next[row] = 0.5
    people.fired[1] = 2  # a count at which the ring is found real
    handed = residents.advance(Beat(FIRST, 0, 28))
    return {**_people(residents), "departures": handed.departures["resident"], "demands": handed.demands["resident"],
            "rings": people.clock[np.arange(3), columns]}


def outcomes_come_back() -> Arrays:
    """Cases end: by each reason, with a level to take and without."""
    residents = _alone(8)
    care = residents.built.layout.attribute("care")
    residents.people.person["status"][:8], residents.people.person["open"][:8] = WAITING, 1
    moves = np.zeros(8, MOVE)
    moves["ms"], moves["resident"] = np.arange(8) * 5_000_000, np.arange(8)
    moves["attribute"], moves["level"] = [care, -1] * 4, [1, -1] * 4
    moves["reason"] = np.repeat([SERVED, GAVE_UP, DIED, LEFT], 2)
    residents._lived = 1
    residents.apply(moves)
    return {**_people(residents), "care": residents.people.level[:8, care]}


def no_demands() -> Arrays:
    """Services that nobody asks: empty tables, and capacity that stood ready."""
    pathways = random_pathways(1, 2, 4)
    engine = CompiledEngine(model(pathways))
    found = _served(engine.serve(np.empty(0, DEMAND), np.empty(0, DEPARTURE), HORIZON))
    return found | {f"finish.{name}": array for name, array in _served(engine.finish(HORIZON)).items()}


def nothing_posted() -> Arrays:
    """Books of a beat in which nobody was served."""
    area = small_area()
    world = simulation.world(tables(), area, date(2025, 4, 1), 1)
    names, columns = columns_of(tables(), world.layout)
    activity = Activity(names, columns, world.layout, len(area.places), world.calendar.edges)
    engine = CompiledEngine(model(random_pathways(1, 2, 4)))
    served = engine.serve(np.empty(0, DEMAND), np.empty(0, DEPARTURE), 1)
    activity.post(served._replace(sums=np.zeros(len(area.pools), served.sums.dtype)), 0)
    return {**activity.books._asdict(), "pools": activity.pools}


def starting_population() -> Arrays:
    """`enter.start` and what it reads, on people of every age."""
    residents = _alone(0, rows=4096)
    newcomers = population.people_of(residents.area)
    enter.start(residents.model, residents.streams, residents.people, newcomers, 0, len(newcomers), scratch(residents.model))
    return {**_people(residents), **{f"newcomers.{name}": newcomers[name] for name in newcomers.dtype.names}}


CASES: tuple[Callable[[], Arrays], ...] = (
    whole_model, random_services, nobody, one_resident, parked, beat_of_no_length, with_a_case_open, outcomes_come_back,
    no_demands, nothing_posted, starting_population,
)


# As a program ---------------------------------------------------------------------------------------------------------


def _computed() -> Iterator[tuple[str, np.ndarray]]:
    for case in CASES:
        for name, array in case().items():
            yield f"{case.__name__}: {name}", np.asarray(array)


def main(file: str) -> None:
    """Compute every case; whatever Python warns of is a mistake here."""
    warnings.simplefilter("error", append=True)
    arrays = dict(_computed())
    np.savez(file, **arrays, calls=np.array(list(CALLS.values()), np.int64), functions=np.array(list(CALLS), np.str_))


if __name__ == "__main__":
    reference.POINTS = 16  # thousands take minutes where nothing is compiled
    main(sys.argv[1])
