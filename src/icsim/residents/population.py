"""The starting population: counts by place, sex, quintile and age become residents, and the start date is reached.

The table is that of a mid-year (`Area.population_date`). Residents are drawn from it, live through the time up to the
start date with nobody answering their demands (born, dying, arriving, leaving, growing frail), and those still here
then are the population at the start, in order of birthday. It is made once and shared, read-only, by all replications.
Since nobody was served, those who hold a service for long (home care, a care home) are drawn anew at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from threading import Lock

import numpy as np

from icsim import rng
from icsim._compile import kernel, records
from icsim.areas.load import Area
from icsim.calendar import DAYS_PER_YEAR, Beat, add_months, days_between
from icsim.catalogue.load import Catalogue
from icsim.residents import enter
from icsim.residents.beat import BIRTH_RECORD, scratch
from icsim.residents.build import Built, build, streams
from icsim.residents.layout import Layout, layout_of
from icsim.residents.moves import clocks
from icsim.residents.residents import WORTH_SWEEPING, Residents
from icsim.residents.sharing import Crew
from icsim.state import BIRTHDAY, LIVING, NEVER, OLDEST, OTHER_FIELDS, People, allocate, copy_rows

_SEED = int(rng.stream(0, "starting population"))
"""Luck of the starting population: the same for every seed of a run, so that replications share one start. A hash,
because a run with this seed would meet again the luck that its residents have already survived."""


_ROOM = 1.2
"""Rows for so many times those who were counted, for children and arrivals up to the start; where that is not enough, rows
are copied."""


@dataclass(frozen=True)
class Start:
    """Residents at the start date; times count from it. Copied by each replication, never changed.

    Of the clocks only the birthday and timers are remembered: each replication draws all others anew.
    """

    people: People
    rows: int
    layout: Layout
    """of the tables by which they lived; they may lack programmes that a scenario has, in which nobody takes part before"""


_MADE: dict[str, Start] = {}
_MAKING = Lock()


def starting_population(catalogue: Catalogue, area: Area, start: date, plain: Catalogue | None = None,
                        workers: int = 1) -> Start:
    """The population at `start`, made once in a process for each content of the tables.

    `plain`: the same tables without programmes, by which rates are anchored, and by which people live where that makes no
    difference, so that scenarios with other programmes share one start; `workers`: threads that share the work.
    """
    plain = plain or catalogue
    lived = plain if alike(plain, catalogue, area) else catalogue
    key = f"{lived.content_hash()}{area.content_hash()}{start}"
    with _MAKING:
        if key not in _MADE:
            _MADE.clear()
            _MADE[key] = rolled_forward(lived, area, start, plain, workers)
        return _MADE[key]


def rolled_forward(catalogue: Catalogue, area: Area, start: date, plain: Catalogue, workers: int = 1) -> Start:
    """Draw the mid-year population and let it live, unserved, up to `start`, by tables without a scenario's changes. Nobody
    takes part in anything meanwhile, so rates are those of everybody, as published.
    """
    first = area.population_date
    days = days_between(first, start)
    built = build(catalogue, area, first, max(days, 1), (plain, replace(area, programmes=())))
    newcomers = people_of(area)
    people = empty(built, int(len(newcomers) * _ROOM))
    residents = Residents(built, area, _SEED, people, 0, max(days, 1), workers=workers)
    residents.populate(newcomers)
    day, month = first, 0
    while day < start:
        following = min(add_months(day, 1), start)
        month += 1
        residents.advance(Beat(day, days_between(first, day), days_between(first, following)), served=False)
        day = following
    residents.draw_holds(days)
    residents.dismiss()
    return _rebased(residents.people, float(days), built.layout, workers)


def alike(plain: Catalogue, catalogue: Catalogue, area: Area) -> bool:
    """Whether people who lived by `plain` are those who lived by `catalogue`, with programmes in which nobody takes part:
    the same clocks outlive the start, and the same events are counted. (Those of an attribute to whose levels a programme
    moves people may happen again.)
    """
    kept, layout = layout_of(plain, area), layout_of(catalogue, area)
    counts = [{row.event: slot[own.number(row.event)] for row in own.events} for own, slot in (
        (kept, clocks(kept, plain)["fired_slot"]), (layout, clocks(layout, catalogue)["fired_slot"]))]
    return counts[0] == counts[1] and columns_in(kept, layout) is not None


def timers(layout: Layout) -> list[tuple[str, ...]]:
    """The timers of each clock that has some."""
    own = {row.event for row in layout.events if row.kind == "timer"}
    found = (tuple(event for event in events if event in own) for events in layout.clocks)
    return [events for events in found if events]


def kept_columns(layout: Layout) -> np.ndarray:
    """int64[…]: clock columns whose times outlive the start, those of the birthday and of timers."""
    return np.array([BIRTHDAY, *(layout.column(events[0]) for events in timers(layout))])


def columns_in(kept: Layout, layout: Layout) -> np.ndarray | None:
    """int64[…]: where the columns that `kept` keeps lie in `layout`, if programmes only added to it; None: they did not."""
    same = layout.attributes[: len(kept.attributes)] == kept.attributes and all(
        layout.levels[a][: len(kept.levels[a])] == kept.levels[a] for a in kept.attributes)
    if not same or timers(kept) != timers(layout):
        return None
    return kept_columns(layout)


def empty(built: Built, rows: int) -> People:
    """Room for so many residents."""
    layout = built.layout
    return allocate(rows, len(layout.attributes), layout.columns, built.repeatable, len(layout.weights))


def people_of(area: Area) -> np.ndarray:
    """BIRTH_RECORD[resident]: one row for each person counted, in order of birthday."""
    counts = area.population
    cell = np.repeat(np.arange(counts.size), counts.ravel())
    nth = np.arange(len(cell)) - np.repeat(np.cumsum(counts.ravel()) - counts.ravel(), counts.ravel())
    place, sex, quintile, age = np.unravel_index(cell, counts.shape)
    table = records(len(cell), BIRTH_RECORD)
    table["place"], table["sex"], table["quintile"], table["age"] = place, sex, quintile, age
    born = np.empty(len(cell))
    _keys_and_birthdays(rng.stream(0, f"start.{area.name}"), rng.stream(_SEED, "birthday"), cell, nth, table["age"],
                        table["key"], born)
    table["birth"] = born
    return table[np.lexsort((table["key"], np.mod(born, DAYS_PER_YEAR)))]


@kernel
def _keys_and_birthdays(name, birthday, cell, nth, age, key, born):
    """Key from (area, cell, number in it); birthday uniform over the year; 90 and over: exponential beyond 90."""
    for n in range(cell.shape[0]):
        key[n] = rng.address(name, np.uint64(cell[n]), np.uint64(nth[n]))
        years = age[n] + rng.draw(birthday, key[n], 0)
        if age[n] >= OLDEST:
            years = OLDEST + min(rng.exponential(rng.draw(birthday, key[n], 1)) * 3.0, 15.0)
        born[n] = -years * 365.25


def _rebased(people: People, days: float, layout: Layout, workers: int) -> Start:
    """Those still here, in order of birthday, with times counted from the start date."""
    here, kept = np.flatnonzero(people.person["status"] == LIVING), kept_columns(layout)
    birthday = np.mod(people.person["birth"][here] - days, DAYS_PER_YEAR)
    order = here[np.lexsort((people.person["key"][here], birthday))]
    moved = allocate(len(order), people.level.shape[1], len(kept), people.fired.shape[1], people.weight.shape[1])

    def move(_: int, first: int, last: int) -> None:
        """Whole rows at a time: one after the other they are far apart in memory."""
        rows = order[first:last]
        for name in OTHER_FIELDS:
            getattr(moved, name)[first:last] = getattr(people, name).take(rows, axis=0)
        clock = people.clock.take(rows, axis=0)[:, kept]
        moved.clock[first:last, : len(kept)] = np.where(clock < 1e29, clock - np.float32(days), clock)
        moved.person["birth"][first:last] -= np.float32(days)
        moved.person["since"][first:last] = moved.person["resume"][first:last] = 0.0

    crew = Crew(workers)
    crew.share(0, len(order), WORTH_SWEEPING, move)
    crew.close()
    return Start(moved, len(order), layout)


def restarted(start: Start, built: Built, seed: int, rows: int, workers: int = 1) -> People:
    """A replication's own copy with its own luck, and room for `rows` rows; `workers` threads share the work."""
    people, luck = empty(built, max(rows, start.rows)), streams(built.layout, seed)
    kept, attributes = columns_in(start.layout, built.layout), len(start.layout.attributes)
    assert kept is not None

    def restart(_: int, first: int, last: int) -> None:
        copy_rows(start.people, people, first, last, ("person", "next", "fired", "weight"))
        people.level[first:last, :attributes] = start.people.level[first:last]
        people.clock[first:last] = NEVER
        people.clock[first:last, kept] = start.people.clock[first:last, : len(kept)]
        enter.restart(built.model, luck, people, first, last, scratch(built.model))

    crew = Crew(workers)
    crew.share(0, start.rows, WORTH_SWEEPING, restart)
    crew.close()
    return people
